/* file_use.c: references to files, kept with what makes them. */
#include "chat/file_use.h"

#include "chat/forward.h"
#include "chat/policy.h"
#include "media/sniff.h"
#include "store/file.h"

#define FILES_MAX 200                                 /* in one merged forward */
#define SHOWN_MS_AFTER (INT64_C(24) * 60 * 60 * 1000) /* an avatar that was replaced: pages still show it */

static enum err file_open(struct core_tx *tx, int64_t user, struct str fid, struct file *file)
{
    enum err err = file_by_fid(tx->db, tx->arena, fid, tx->now_ms, file);
    if (err == OK)
        err = policy_see_file(tx->db, tx->arena, user, file, tx->policy->whole_history);
    return err == ERR_DENIED ? ERR_NOT_FOUND : err;
}

static enum err find_fid(struct core_tx *tx, int64_t user, struct str fid, int64_t *id)
{
    struct file file;
    enum err err = file_open(tx, user, fid, &file);
    if (err == OK)
        *id = file.id;
    return err;
}

enum err file_use_find(struct core_tx *tx, int64_t user, struct str *text, int64_t *file)
{
    *file = 0;
    if (!file_url_begins(*text))
        return OK;
    *text = file_url_canonical(*text);
    struct str fid = file_url_fid(*text);
    return fid.ptr == NULL ? OK : find_fid(tx, user, fid, file);
}

enum err file_use_picture(struct core_tx *tx, int64_t user, struct str text, int64_t size_max, int64_t *file)
{
    struct file found;
    struct str fid = file_url_begins(text) ? file_url_fid(file_url_canonical(text)) : STR_NONE;
    enum err err = fid.ptr == NULL ? ERR_ARG : file_open(tx, user, fid, &found);
    if (err == OK && found.kind != MEDIA_IMAGE)
        err = ERR_ARG;
    if (err == OK && found.size > size_max)
        err = ERR_TOO_LARGE;
    if (err == OK)
        *file = found.id;
    return err;
}

enum err file_use_check(struct core_tx *tx, int64_t user, struct str attrs)
{
    enum err err = OK;
    size_t at = 0;
    unsigned count = 0;
    struct str fid;
    while (err == OK && (fid = file_url_json_next(attrs, &at)).ptr != NULL) {
        int64_t id;
        err = ++count > FILES_MAX ? ERR_TOO_LARGE : find_fid(tx, user, fid, &id);
    }
    return err;
}

enum err file_use_message(struct core_tx *tx, const struct message *message, int64_t file)
{
    enum err err = file == 0 ? OK : file_ref_insert(tx->db, message->chat, message->seq, file);
    if (message->type != MESSAGE_TYPE_MERGED)
        return err;
    size_t at = 0;
    struct str fid;
    while (err == OK && (fid = file_url_json_next(message->attrs, &at)).ptr != NULL) {
        struct file named;
        err = file_by_fid(tx->db, tx->arena, fid, tx->now_ms, &named);
        if (err == OK)
            err = file_ref_insert(tx->db, message->chat, message->seq, named.id);
    }
    return err;
}

static enum err shown_replace(struct core_tx *tx, int64_t chat, int64_t seq, int64_t user, struct str *text)
{
    int64_t file;
    enum err err = file_use_find(tx, user, text, &file);
    if (err == OK)
        err = file_ref_delete(tx->db, chat, seq, tx->now_ms + SHOWN_MS_AFTER);
    if (err == OK && file != 0)
        err = file_ref_insert(tx->db, chat, seq, file);
    return err;
}

enum err file_use_avatar(struct core_tx *tx, int64_t user, struct str *avatar)
{
    return shown_replace(tx, 0, user, user, avatar);
}

enum err file_use_icon(struct core_tx *tx, int64_t user, int64_t group, struct str *icon)
{
    return shown_replace(tx, group, 0, user, icon);
}
