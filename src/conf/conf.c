/* conf.c: from all sources to one struct that makes sense as a whole. */
#include "conf/conf.h"

#include <stdlib.h>

#include "conf/source.h"
#include "conf/value.h"
#include "util/mem.h"

#define FILE_NAME "im_service.ini"

static const struct setting *setting_of(const struct draft *draft, const char *name)
{
    return &draft->settings[option_find(str_from(name)) - option_table];
}

/* The file that was named, or the one in the data directory. */
static enum err file_read_settings(struct draft *draft, const char *file)
{
    if (file != NULL)
        return source_file(draft, file, true);
    const struct setting *data = setting_of(draft, "server.data");
    const char *path = arena_format(draft->arena, "%s/" FILE_NAME, data->text).ptr;
    enum err err = source_file(draft, path, false);
    if (err == OK && (data->seen & 1u << SOURCE_FILE) != 0) {
        buf_append_format(draft->error,
                          "%s: a file in the data directory cannot say where that is, set server.data elsewhere.",
                          path);
        err = ERR_ARG;
    }
    return err;
}

/* What is wrong with the options together; NULL when nothing is. */
static const char *contradiction(const struct conf *conf)
{
    if (*conf->tls_cert != '\0' && *conf->tls_key == '\0')
        return "tls.cert is set without tls.key: set both, or neither.";
    if (*conf->tls_cert == '\0' && *conf->tls_key != '\0')
        return "tls.key is set without tls.cert: set both, or neither.";
    if (*conf->tls_listen != '\0' && *conf->tls_cert == '\0')
        return "tls.listen is set without a certificate: set tls.cert and tls.key too.";
    if (*conf->tls_listen != '\0' && strcmp(conf->tls_listen, conf->listen) == 0)
        return "tls.listen is the same as server.listen: leave it empty to speak both there.";
    if (conf->dead_ms <= conf->ping_ms)
        return "ws.dead is not longer than ws.ping: a socket needs time to answer a ping.";
    if (conf->batch_max > conf->queue_max)
        return "store.batch_max is over store.queue_max: a commit cannot hold more than may wait.";
    return NULL;
}

static enum err draft_read(struct draft *draft, const char *file, int argc, char *const *argv,
                           char *const *environ_list)
{
    enum err err = source_defaults(draft);
    if (err == OK)
        err = source_flags(draft, argc, argv);
    if (err == OK)
        err = source_environment(draft, environ_list);
    if (err == OK)
        err = file_read_settings(draft, file);
    return err;
}

enum err conf_load(struct conf *conf, const char *file, int argc, char *const *argv, char *const *environ_list,
                   struct buf *error)
{
    struct arena *texts = mem_zalloc(sizeof(*texts));
    *conf = (struct conf){ .texts = texts };
    struct draft draft = {
        .arena = texts,
        .settings = mem_zalloc(option_count * sizeof(*draft.settings)),
        .error = error,
    };
    enum err err = draft_read(&draft, file, argc, argv, environ_list);
    if (err != OK)
        goto out;
    for (size_t i = 0; i < option_count; i++)
        value_store(&option_table[i], draft.settings[i].text, draft.settings[i].number, conf);
    const char *wrong = contradiction(conf);
    if (wrong != NULL) {
        buf_append_str(error, str_from(wrong));
        err = ERR_ARG;
    }
out:
    free(draft.settings);
    if (err != OK)
        conf_release(conf);
    return err;
}

void conf_release(struct conf *conf)
{
    if (conf->texts != NULL)
        arena_release(conf->texts);
    free(conf->texts);
    *conf = (struct conf){ 0 };
}
