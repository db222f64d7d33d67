/* source.h: where settings come from; inside conf/ only.
 * Each source is read whole and checked whole, also what a later source
 * overrides: a wrong line in a file is wrong even while a flag hides it. */
#ifndef IM_CONF_SOURCE_H
#define IM_CONF_SOURCE_H

#include "conf/option.h"
#include "util/arena.h"

/* In the order in which they win. */
enum source { SOURCE_DEFAULT, SOURCE_FILE, SOURCE_ENVIRONMENT, SOURCE_FLAG };

struct setting {
    const char *text; /* in the arena */
    int64_t number;
    enum source source;
    unsigned seen; /* bit per source that has set it, overridden or not */
};

/* Settings as far as they are known; one per row of option_table. */
struct draft {
    struct arena *arena; /* of the texts */
    struct setting *settings;
    struct buf *error; /* one sentence, once something failed */
};

/* Checks text and puts it where source is not overridden. where names the place for the error. */
enum err source_set(struct draft *draft, const struct option *option, struct str text, enum source source,
                    const char *where);
/* Says that there is no option of this name, and which was perhaps meant. ERR_ARG. */
enum err source_unknown(struct draft *draft, struct str name, const char *where);

enum err source_defaults(struct draft *draft);
enum err source_flags(struct draft *draft, int argc, char *const *argv);
enum err source_environment(struct draft *draft, char *const *environ_list);
/* required: that there is no such file is an error. */
enum err source_file(struct draft *draft, const char *path, bool required);

#endif
