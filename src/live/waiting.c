/* waiting.c: a short queue. */
#include "live/waiting.h"

#include "util/mem.h"

#include <stdlib.h>

void waiting_release(struct waiting_list *list)
{
    for (uint32_t i = 0; i < list->count; i++)
        payload_unref(&list->items[i].payload);
    free(list->items);
    *list = (struct waiting_list){ 0 };
}

bool waiting_add(struct waiting_list *list, int64_t chat, int64_t seq, struct payload *payload)
{
    bool hint = chat == 0;
    if (hint && list->hints == WAITING_HINTS_MAX)
        return true;
    if (list->count == WAITING_MAX)
        return hint;
    if (list->items == NULL)
        list->items = mem_alloc(WAITING_MAX * sizeof(*list->items));
    list->items[list->count++] = (struct waiting){ chat, seq, payload_ref(payload) };
    list->hints += hint;
    return true;
}

void waiting_drop_messages(struct waiting_list *list)
{
    uint32_t kept = 0;
    for (uint32_t i = 0; i < list->count; i++) {
        if (list->items[i].chat == 0)
            list->items[kept++] = list->items[i];
        else
            payload_unref(&list->items[i].payload);
    }
    list->count = kept;
}
