/* event.c: the growing list of one batch's events. */
#include "chat/event.h"

#include "util/mem.h"

#include <stdlib.h>

struct event *event_add(struct event_list *list, enum event_type type)
{
    if (list->count == list->capacity) {
        list->capacity = list->capacity == 0 ? 16 : list->capacity * 2;
        list->items = mem_realloc(list->items, list->capacity * sizeof(*list->items));
    }
    struct event *event = &list->items[list->count++];
    *event = (struct event){ .type = type };
    return event;
}

void event_list_release(struct event_list *list)
{
    arena_release(&list->arena);
    free(list->items);
    *list = (struct event_list){ 0 };
}
