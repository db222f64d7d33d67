/* operate.c: operators' verbs, each a row: its flags and how its request is
 * made of them. */
#include "cli/operate.h"

#include "api/admin.h"
#include "auth/password.h"
#include "cli/admin_client.h"
#include "cli/arguments.h"
#include "os/log.h"
#include "util/json.h"
#include "util/jsonw.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define FLAGS_MAX 5

struct verb {
    const char *noun;
    const char *name;
    struct flag flags[FLAGS_MAX];
    bool pages; /* a list by id: asked for until nothing comes */
};

#define TEXT(flag)                                                                                                     \
    {                                                                                                                  \
        .name = (flag)                                                                                                 \
    }
#define REQUIRED(flag)                                                                                                 \
    {                                                                                                                  \
        .name = (flag), .required = true                                                                               \
    }
#define NUMBER(flag)                                                                                                   \
    {                                                                                                                  \
        .name = (flag), .is_number = true                                                                              \
    }
#define PACK                                                                                                           \
    {                                                                                                                  \
        .name = "pack", .is_number = true, .required = true                                                            \
    }
#define PASSWORD                                                                                                       \
    {                                                                                                                  \
        .name = "password-stdin", .is_switch = true, .required = true                                                  \
    }

static const struct verb verbs[] = {
    { "user", "add", { REQUIRED("email"), TEXT("uname"), PASSWORD }, false },
    { "user", "passwd", { REQUIRED("email"), PASSWORD }, false },
    { "user", "list", { { 0 } }, true },
    { "group", "create", { REQUIRED("name"), REQUIRED("owner"), TEXT("icon"), TEXT("memo") }, false },
    { "group", "list", { { 0 } }, true },
    { "invite", "create", { NUMBER("uses"), NUMBER("days") }, false },
    { "invite", "list", { { 0 } }, false },
    { "search", "rebuild", { { 0 } }, false },
    { "sticker", "list", { { 0 } }, true },
    { "sticker", "share", { PACK }, false },
    { "sticker", "unshare", { PACK }, false },
    { "sticker", "adopt", { PACK }, false },
    { "sticker", "remove", { PACK }, false },
};

static const struct verb *verb_find(const char *noun, const char *name)
{
    for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++)
        if (strcmp(verbs[i].noun, noun) == 0 && strcmp(verbs[i].name, name) == 0)
            return &verbs[i];
    return NULL;
}

static enum err password_read(struct str *password, char *line, size_t size)
{
    if (isatty(STDIN_FILENO))
        fputs("Password: ", stderr);
    if (fgets(line, (int)size, stdin) == NULL)
        line[0] = '\0';
    *password = (struct str){ line, strcspn(line, "\r\n") };
    if (password_acceptable(*password))
        return OK;
    fputs("im_service: a password is 6 to 16 letters and digits, with at least one of each.\n", stderr);
    return ERR_ARG;
}

/* The password is hashed here, so that a running server has no slow work. */
static enum err hash_put(const struct conf *conf, struct buf *request)
{
    char line[256];
    struct str password;
    struct buf hash = { 0 };
    struct password_cost cost = { (uint64_t)conf->argon2_memory_kib * 1024, (uint64_t)conf->argon2_passes };
    enum err err = password_read(&password, line, sizeof(line));
    if (err == OK)
        err = password_hash(&cost, password, &hash);
    if (err == OK)
        jsonw_put_str(request, "hash", buf_str(&hash));
    explicit_bzero(line, sizeof(line));
    buf_release(&hash);
    return err;
}

static enum err request_make(const struct verb *verb, const struct flag *flags, const struct conf *conf, int64_t after,
                             struct buf *request)
{
    struct buf name = { 0 };
    enum err err = OK;
    buf_append_format(&name, "%s.%s", verb->noun, verb->name);
    buf_clear(request);
    jsonw_open(request, '{');
    jsonw_put_str(request, "do", buf_str(&name));
    jsonw_put_i64(request, "after", after);
    for (size_t i = 0; i < FLAGS_MAX && flags[i].name != NULL && err == OK; i++) {
        if (flags[i].is_switch)
            err = hash_put(conf, request);
        else if (flags[i].value != NULL)
            jsonw_put_str(request, flags[i].name, str_from(flags[i].value));
    }
    jsonw_close(request, '}');
    buf_release(&name);
    return err;
}

/* Tab-separated; what would break a line is shown as a blank. */
static void row_print(const struct json *row)
{
    for (const struct json *cell = row->first; cell != NULL; cell = cell->next) {
        for (size_t i = 0; i < cell->text.size; i++) {
            char c = cell->text.ptr[i];
            putchar((unsigned char)c < 0x20 || c == 0x7f ? ' ' : c);
        }
        putchar(cell->next == NULL ? '\n' : '\t');
    }
}

/* Prints the rows; *last is the first cell of the last one. */
static enum err answer_print(struct json_parser *parser, struct str answer, size_t *count, int64_t *last)
{
    struct arena arena = { 0 };
    struct json *json;
    int64_t code = 1;
    enum err err = json_parse(parser, &arena, answer, &json);
    *count = 0;
    if (err != OK || !json_i64(json_get(json, "code"), &code)) {
        fputs("im_service: the answer is not understood.\n", stderr);
        err = ERR_PARSE;
    } else if (code != 0) {
        struct str message = STR("failed");
        json_text(json_get(json, "msg"), &message);
        fprintf(stderr, "im_service: %.*s.\n", (int)message.size, message.ptr);
        err = ERR_DENIED;
    } else {
        const struct json *rows = json_get(json, "rows");
        for (const struct json *row = rows == NULL ? NULL : rows->first; row != NULL; row = row->next) {
            row_print(row);
            json_i64(row->first, last);
            ++*count;
        }
    }
    arena_release(&arena);
    return err;
}

static enum err verb_run(const struct verb *verb, const struct flag *flags, const struct conf *conf,
                         struct admin_client *client)
{
    struct buf request = { 0 };
    struct buf answer = { 0 };
    struct json_parser *parser = json_parser_new();
    int64_t after = 0;
    size_t count = 0;
    enum err err;
    do {
        err = request_make(verb, flags, conf, after, &request);
        if (err == OK) {
            err = admin_client_ask(client, buf_str(&request), &answer);
            if (err != OK)
                fprintf(stderr, "im_service: the server went away: %s.\n", err_text(err));
        }
        if (err == OK)
            err = answer_print(parser, buf_str(&answer), &count, &after);
    } while (err == OK && verb->pages && count == ADMIN_ROWS_MAX);
    json_parser_free(&parser);
    if (request.ptr != NULL)
        explicit_bzero(request.ptr, request.size);
    buf_release(&request);
    buf_release(&answer);
    return err;
}

int operate_main(int argc, char **argv)
{
    const struct verb *verb = argc < 2 ? NULL : verb_find(argv[0], argv[1]);
    if (verb == NULL) {
        fprintf(stderr, "im_service: '%s %s' is no command; see im_service --help.\n", argv[0],
                argc < 2 ? "" : argv[1]);
        return 2;
    }
    struct flag flags[FLAGS_MAX];
    size_t count = 0;
    memcpy(flags, verb->flags, sizeof(flags));
    while (count < FLAGS_MAX && flags[count].name != NULL)
        count++;
    struct conf conf;
    if (arguments_load(&conf, flags, count, argc - 2, argv + 2) != OK)
        return 2;
    log_init(LOG_LEVEL_WARN, STDERR_FILENO);
    struct admin_client *client = NULL;
    struct buf error = { 0 };
    enum err err = admin_client_open(&conf, &client, &error);
    if (err != OK)
        fprintf(stderr, "im_service: %.*s.\n", (int)error.size, error.ptr == NULL ? "" : error.ptr);
    else
        err = verb_run(verb, flags, &conf, client);
    admin_client_close(&client);
    buf_release(&error);
    conf_release(&conf);
    return err == OK ? 0 : err == ERR_ARG ? 2 : 1;
}
