/* verify.c: the original read once more, beside what the store says now. */
#include "legacy/import_state.h"

#include <inttypes.h>
#include <stdio.h>

#define PAGE 1000

/* The stored messages of this run, in the order of their ids, which is that of each chat. */
static enum err stored_sums(struct import *import)
{
    size_t at = 0;
    uint64_t key;
    void *value;
    enum err err = OK;
    while (err == OK && map_next(&import->chats, &at, &key, &value)) {
        struct taken_chat *chat = value;
        int64_t from = chat->first;
        for (bool more = true; err == OK && more;) {
            struct arena scratch = { 0 };
            struct message_list list;
            err = message_page_from(import->db, &scratch, chat->id, from, PAGE, &list);
            more = err == OK && list.count > 0;
            for (size_t i = 0; err == OK && i < list.count; i++) {
                from = list.rows[i].seq + 1;
                if (list.rows[i].seq > chat->last_of_source)
                    continue;
                chat->stored_sum = sum_step(chat->stored_sum, &list.rows[i]);
                chat->stored_count++;
            }
            arena_release(&scratch);
        }
    }
    return err;
}

static enum err source_sums(struct import *import)
{
    char statement[256];
    struct str fields[SOURCE_FIELDS_MAX];
    snprintf(statement, sizeof(statement), "SELECT " MESSAGE_COLUMNS " FROM message WHERE id > %" PRId64 " ORDER BY id",
             import->source_before);
    enum err err = source_begin(import->source, statement);
    if (err != OK)
        return err;
    while (err == OK && source_next(import->source, fields)) {
        struct legacy_message from;
        struct message message;
        const char *reason;
        message_fields(fields, &from);
        err = message_place(import, &from, false, &message, &reason);
        if (err != OK || reason != NULL || from.id < 1)
            continue;
        if (message.created_ms == 0)
            message.created_ms = import->now_ms;
        struct taken_chat *chat = chat_of(import, message.chat);
        chat->source_sum = sum_step(chat->source_sum, &message);
        chat->source_count++;
    }
    enum err ended = source_end(import->source);
    return err != OK ? err : ended;
}

enum err import_verify(struct import *import, FILE *out, size_t *mismatches)
{
    size_t at = 0;
    uint64_t key;
    void *value;
    *mismatches = 0;
    enum err err = source_sums(import);
    if (err == OK)
        err = stored_sums(import);
    while (err == OK && map_next(&import->chats, &at, &key, &value)) {
        const struct taken_chat *chat = value;
        if (chat->source_sum == chat->stored_sum && chat->source_count == chat->stored_count)
            continue;
        ++*mismatches;
        fprintf(out, "im_service: chat %lld differs: %lld messages in the original, %lld in the store\n",
                (long long)chat->id, (long long)chat->source_count, (long long)chat->stored_count);
    }
    return err;
}
