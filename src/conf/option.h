/* option.h: what an option is; inside conf/ only. */
#ifndef IM_CONF_OPTION_H
#define IM_CONF_OPTION_H

#include "conf/conf.h"

enum option_type {
    OPTION_PATH,     /* const char *; min and max bound its bytes */
    OPTION_SECRET,   /* the same; no error and no print shows it */
    OPTION_ADDRESS,  /* const char *: host:port; min 0 lets it be empty */
    OPTION_ORIGINS,  /* const char *: empty, "*" or origins with commas */
    OPTION_NETWORKS, /* const char *: addresses and networks with commas (util/network.h) */
    OPTION_ENUM,     /* const char *: one of choices */
    OPTION_SWITCH,   /* bool: the second of two choices is true */
    OPTION_BOOL,     /* bool: on or off */
    OPTION_INT,      /* int64_t */
    OPTION_DURATION, /* int64_t, milliseconds */
    OPTION_SIZE,     /* int64_t, bytes */
};

struct option {
    const char *name;  /* section.key */
    const char *alias; /* a second flag, or NULL */
    enum option_type type;
    size_t offset; /* into struct conf */
    int64_t min;
    int64_t max;
    const char *choices;  /* "a|b|c" */
    const char *fallback; /* the default, written as anybody would */
    const char *help;
};

#define OPTION_VALUE_BYTES_MAX 4096

extern const struct option option_table[];
extern const size_t option_count;

/* By full name; NULL when there is none. */
const struct option *option_find(struct str name);
/* By full name or alias. */
const struct option *option_find_flag(struct str name);
/* The option whose name is spelled most like this one; NULL when none is near. */
const struct option *option_nearest(struct str name);
/* IM_SECTION_KEY. */
void option_env_name(const struct option *option, struct buf *out);
struct str option_section(const struct option *option);

static inline bool option_is_text(const struct option *option)
{
    return option->type <= OPTION_ENUM;
}

static inline bool option_is_bool(const struct option *option)
{
    return option->type == OPTION_SWITCH || option->type == OPTION_BOOL;
}

#endif
