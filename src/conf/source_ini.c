/* source_ini.c: the configuration file, read by inih.
 * inih tells its handler no line numbers and cuts long lines in silence, so
 * the lines are handed to it by a reader of ours that counts them. */
#include "conf/source.h"

#include <errno.h>
#include <ini.h>
#include <stdlib.h>

struct ini {
    struct draft *draft;
    const char *path;
    FILE *file;
    char *line; /* getline's */
    size_t line_capacity;
    unsigned line_number;
    enum err err;
};

static enum err refuse(struct ini *ini, const char *what)
{
    buf_append_format(ini->draft->error, "%s:%u: %s.", ini->path, ini->line_number, what);
    return ERR_ARG;
}

/* fgets for inih: the next line without its indentation, which would else
 * make it a continuation of the one before. NULL ends the reading. */
static char *line_next(char *out, int capacity, void *context)
{
    struct ini *ini = context;
    if (ini->err != OK)
        return NULL;
    ssize_t got = getline(&ini->line, &ini->line_capacity, ini->file);
    if (got < 0)
        return NULL;
    ini->line_number++;
    size_t size = (size_t)got;
    if (memchr(ini->line, '\0', size) != NULL) {
        ini->err = refuse(ini, "there is a NUL byte, save the file as UTF-8 text");
        return NULL;
    }
    const char *text = ini->line + strspn(ini->line, " \t");
    size -= (size_t)(text - ini->line);
    if (size >= (size_t)capacity) {
        ini->err = refuse(ini, "the line is too long, use the environment or a flag for this option");
        return NULL;
    }
    memcpy(out, text, size + 1);
    return out;
}

static int pair_read(void *context, const char *section, const char *key, const char *value)
{
    struct ini *ini = context;
    if (ini->err != OK)
        return 0;
    if (*section == '\0') {
        ini->err = refuse(ini, "the first option stands outside of a section, write one such as [server] above it");
        return 0;
    }
    const char *where = arena_format(ini->draft->arena, "%s:%u", ini->path, ini->line_number).ptr;
    struct str name = arena_format(ini->draft->arena, "%s.%s", section, key);
    const struct option *option = option_find(name);
    if (option == NULL)
        ini->err = source_unknown(ini->draft, name, where);
    else
        ini->err = source_set(ini->draft, option, str_from(value), SOURCE_FILE, where);
    return ini->err == OK;
}

enum err source_file(struct draft *draft, const char *path, bool required)
{
    struct ini ini = { .draft = draft, .path = path, .file = fopen(path, "re") };
    if (ini.file == NULL) {
        if (errno == ENOENT && !required)
            return OK;
        buf_append_format(draft->error, "%s: the configuration file cannot be read (%s).", path, strerror(errno));
        return ERR_ARG;
    }
    int wrong = ini_parse_stream(line_next, &ini, pair_read, &ini);
    if (ini.err == OK && ferror(ini.file)) {
        buf_append_format(draft->error, "%s: the configuration file cannot be read (%s).", path, strerror(errno));
        ini.err = ERR_ARG;
    }
    if (ini.err == OK && wrong != 0) {
        ini.line_number = wrong > 0 ? (unsigned)wrong : ini.line_number;
        ini.err = refuse(&ini, "this is neither [section] nor name = value nor a comment");
    }
    free(ini.line);
    fclose(ini.file);
    return ini.err;
}
