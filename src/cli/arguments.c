/* arguments.c: flags. */
#include "cli/arguments.h"

#include "util/mem.h"

#include <stdlib.h>

extern char **environ;

static struct flag *flag_find(struct flag *flags, size_t count, const char *text, const char **value)
{
    if (strncmp(text, "--", 2) != 0)
        return NULL;
    const char *name = text + 2;
    const char *equals = strchr(name, '=');
    size_t size = equals == NULL ? strlen(name) : (size_t)(equals - name);
    for (size_t i = 0; i < count; i++) {
        if (strlen(flags[i].name) == size && memcmp(flags[i].name, name, size) == 0) {
            *value = equals == NULL ? NULL : equals + 1;
            return &flags[i];
        }
    }
    return NULL;
}

static enum err flag_take(struct flag *flag, const char *inline_value, int argc, char **argv, int *at)
{
    if (flag->value != NULL) {
        fprintf(stderr, "im_service: --%s is given twice; give it once.\n", flag->name);
        return ERR_ARG;
    }
    if (flag->is_switch) {
        flag->value = "";
        return OK;
    }
    if (inline_value == NULL && *at + 1 < argc)
        inline_value = argv[++*at];
    if (inline_value == NULL) {
        fprintf(stderr, "im_service: --%s needs a value.\n", flag->name);
        return ERR_ARG;
    }
    int64_t number;
    if (flag->is_number && !str_to_i64(str_from(inline_value), &number)) {
        fprintf(stderr, "im_service: --%s takes a whole number, not '%s'.\n", flag->name, inline_value);
        return ERR_ARG;
    }
    flag->value = inline_value;
    return OK;
}

enum err arguments_load(struct conf *conf, struct flag *flags, size_t count, int argc, char **argv)
{
    struct flag config = { .name = "config" };
    char **rest = mem_alloc(((size_t)argc + 1) * sizeof(*rest));
    int rest_count = 0;
    enum err err = OK;
    for (int i = 0; i < argc && err == OK; i++) {
        const char *value = NULL;
        struct flag *flag = flag_find(&config, 1, argv[i], &value);
        if (flag == NULL)
            flag = flag_find(flags, count, argv[i], &value);
        if (flag == NULL)
            rest[rest_count++] = argv[i];
        else
            err = flag_take(flag, value, argc, argv, &i);
    }
    for (size_t i = 0; i < count && err == OK; i++) {
        if (flags[i].required && flags[i].value == NULL) {
            fprintf(stderr, "im_service: --%s is missing.\n", flags[i].name);
            err = ERR_ARG;
        }
    }
    struct buf error = { 0 };
    if (err == OK) {
        err = conf_load(conf, config.value, rest_count, rest, environ, &error);
        if (err != OK)
            fprintf(stderr, "im_service: %.*s\n", (int)error.size, error.ptr);
    }
    buf_release(&error);
    free(rest);
    return err;
}
