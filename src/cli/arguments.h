/* arguments.h: a verb's own flags, told apart from the settings' flags. */
#ifndef IM_CLI_ARGUMENTS_H
#define IM_CLI_ARGUMENTS_H

#include "conf/conf.h"

struct flag {
    const char *name; /* without dashes */
    bool is_switch;   /* takes no value */
    bool required;
    bool is_number; /* a whole number */
    const char *value; /* as given; "" for a switch that is there; NULL when absent */
};

/* Takes the verb's flags (and --config FILE) out of argv and loads the
 * settings from the rest. What is wrong is printed on stderr. ERR_ARG. */
enum err arguments_load(struct conf *conf, struct flag *flags, size_t count, int argc, char **argv);

#endif
