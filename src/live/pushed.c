/* pushed.c: watermarks of one session. */
#include "live/pushed.h"

#include "util/mem.h"

#include <stdlib.h>

void pushed_release(struct pushed_list *list)
{
    free(list->items);
    *list = (struct pushed_list){ 0 };
}

/* From the back: what was pushed last is asked for next. */
static struct pushed *pushed_find(const struct pushed_list *list, int64_t chat)
{
    for (uint32_t i = list->count; i > 0; i--)
        if (list->items[i - 1].chat == chat)
            return &list->items[i - 1];
    return NULL;
}

int64_t pushed_seq(const struct pushed_list *list, int64_t chat)
{
    const struct pushed *entry = pushed_find(list, chat);
    return entry == NULL ? 0 : entry->seq;
}

void pushed_set(struct pushed_list *list, int64_t chat, int64_t seq)
{
    struct pushed *entry = pushed_find(list, chat);
    if (entry == NULL) {
        if (list->count == list->capacity) {
            list->capacity = list->capacity == 0 ? 1 : list->capacity * 2;
            list->items = mem_realloc(list->items, list->capacity * sizeof(*list->items));
        }
        entry = &list->items[list->count++];
        *entry = (struct pushed){ .chat = chat };
    }
    entry->seq = seq;
}

void pushed_copy(const struct pushed_list *from, struct pushed_list *to)
{
    if (from->count == 0)
        return;
    to->items = mem_dup(from->items, from->count * sizeof(*from->items));
    to->count = from->count;
    to->capacity = from->count;
}

void pushed_pinged(struct pushed_list *list)
{
    for (uint32_t i = 0; i < list->count; i++)
        list->items[i].pinged = list->items[i].seq;
}

void pushed_ponged(struct pushed_list *list, void (*confirm)(void *context, int64_t chat, int64_t seq), void *context)
{
    for (uint32_t i = 0; i < list->count; i++) {
        struct pushed *entry = &list->items[i];
        if (entry->pinged > entry->confirmed) {
            entry->confirmed = entry->pinged;
            confirm(context, entry->chat, entry->confirmed);
        }
        entry->pinged = 0;
    }
}

void pushed_forget(struct pushed_list *list)
{
    uint32_t kept = 0;
    for (uint32_t i = 0; i < list->count; i++)
        if (list->items[i].confirmed < list->items[i].seq)
            list->items[kept++] = list->items[i];
    list->count = kept;
    if (kept == 0)
        pushed_release(list);
}
