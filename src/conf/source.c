/* source.c: defaults, flags and environment; the file is in source_ini.c. */
#include "conf/source.h"

#include <ctype.h>

#include "conf/value.h"
#include "util/jsonw.h"

#define SHOWN_BYTES_MAX 80

static void append_shown(struct buf *out, struct str text)
{
    buf_append_byte(out, '"');
    jsonw_escape(out, (struct str){ text.ptr, text.size > SHOWN_BYTES_MAX ? SHOWN_BYTES_MAX : text.size });
    buf_append_str(out, text.size > SHOWN_BYTES_MAX ? STR("...\"") : STR("\""));
}

enum err source_set(struct draft *draft, const struct option *option, struct str text, enum source source,
                    const char *where)
{
    struct setting *setting = &draft->settings[option - option_table];
    if ((setting->seen & 1u << source) != 0) {
        buf_append_format(draft->error, "%s: %s is set twice, remove one of them.", where, option->name);
        return ERR_ARG;
    }
    int64_t number;
    if (!value_read(option, text, &number)) {
        buf_append_format(draft->error, "%s: %s cannot be ", where, option->name);
        append_shown(draft->error, option->type == OPTION_SECRET ? STR("(not shown)") : text);
        buf_append_str(draft->error, STR(", write "));
        value_expected(option, draft->error);
        buf_append_str(draft->error, STR("."));
        return ERR_ARG;
    }
    setting->seen |= 1u << source;
    if (source >= setting->source) {
        setting->text = arena_str(draft->arena, text).ptr;
        setting->number = number;
        setting->source = source;
    }
    return OK;
}

enum err source_unknown(struct draft *draft, struct str name, const char *where)
{
    buf_append_format(draft->error, "%s: there is no option ", where);
    append_shown(draft->error, name);
    const struct option *nearest = option_nearest(name);
    if (nearest != NULL)
        buf_append_format(draft->error, ", did you mean %s?", nearest->name);
    else
        buf_append_str(draft->error, STR(", see im_service --help for all of them."));
    return ERR_ARG;
}

enum err source_defaults(struct draft *draft)
{
    enum err err = OK;
    for (size_t i = 0; i < option_count && err == OK; i++)
        err = source_set(draft, &option_table[i], str_from(option_table[i].fallback), SOURCE_DEFAULT, "default");
    return err;
}

/* "--name=value", or "--name" with the value in the next argument. */
static enum err flag_read(struct draft *draft, int argc, char *const *argv, int *at)
{
    const char *flag = argv[(*at)++];
    if (strncmp(flag, "--", 2) != 0 || flag[2] == '\0') {
        buf_append_format(draft->error, "%.80s: this is no option, write --name=value.", flag);
        return ERR_ARG;
    }
    struct str name = { flag + 2, strcspn(flag + 2, "=") };
    struct str where = arena_format(draft->arena, "%.*s", (int)(name.size + 2 < 80 ? name.size + 2 : 80), flag);
    const struct option *option = option_find_flag(name);
    if (option == NULL)
        return source_unknown(draft, name, where.ptr);
    const char *value = name.ptr[name.size] == '=' ? name.ptr + name.size + 1 : NULL;
    if (value == NULL && *at < argc && strncmp(argv[*at], "--", 2) != 0)
        value = argv[(*at)++];
    if (value == NULL) {
        buf_append_format(draft->error, "%s: its value is missing, add ", where.ptr);
        value_expected(option, draft->error);
        buf_append_str(draft->error, STR("."));
        return ERR_ARG;
    }
    return source_set(draft, option, str_from(value), SOURCE_FLAG, where.ptr);
}

enum err source_flags(struct draft *draft, int argc, char *const *argv)
{
    enum err err = OK;
    for (int at = 0; at < argc && err == OK;)
        err = flag_read(draft, argc, argv, &at);
    return err;
}

/* The variable's option. *ours: it names one of our sections, at least. */
static const struct option *variable_find(struct str name, bool *ours)
{
    const struct option *found = NULL;
    struct buf full = { 0 };
    *ours = false;
    for (size_t i = 0; i < option_count && found == NULL; i++) {
        buf_clear(&full);
        option_env_name(&option_table[i], &full);
        size_t prefix = sizeof("IM_") - 1 + option_section(&option_table[i]).size + 1;
        if (str_equal(name, buf_str(&full)))
            found = &option_table[i];
        if (name.size > prefix && memcmp(name.ptr, full.ptr, prefix) == 0)
            *ours = true;
    }
    buf_release(&full);
    return found;
}

/* IM_SERVER_LISTEN as server.listen, for the error that names what was meant. */
static struct str variable_as_option(struct draft *draft, struct str variable)
{
    struct str name = { variable.ptr + 3, variable.size - 3 };
    char *at = arena_alloc(draft->arena, name.size);
    bool dotted = false;
    for (size_t i = 0; i < name.size; i++) {
        bool dot = name.ptr[i] == '_' && !dotted;
        at[i] = dot ? '.' : (char)tolower((unsigned char)name.ptr[i]);
        dotted = dotted || dot;
    }
    return (struct str){ at, name.size };
}

/* Other programs have IM_… variables too: only those that name one of our
 * sections are held to be ours, and then have to be right. */
enum err source_environment(struct draft *draft, char *const *environ_list)
{
    enum err err = OK;
    for (; environ_list != NULL && *environ_list != NULL && err == OK; environ_list++) {
        struct str name = { *environ_list, strcspn(*environ_list, "=") };
        if (name.size < 3 || memcmp(name.ptr, "IM_", 3) != 0 || name.ptr[name.size] != '=')
            continue;
        bool ours;
        const struct option *option = variable_find(name, &ours);
        const char *where = arena_str(draft->arena, name).ptr;
        if (option != NULL)
            err = source_set(draft, option, str_from(name.ptr + name.size + 1), SOURCE_ENVIRONMENT, where);
        else if (ours)
            err = source_unknown(draft, variable_as_option(draft, name), where);
    }
    return err;
}
