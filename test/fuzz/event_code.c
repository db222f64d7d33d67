/* event_code.c: any bytes as the events of another node's batch. What is
 * taken is written again, and must then be taken again and be the same. */
#include "fuzz.h"

#include "chat/event_code.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *copy = malloc(size + 1); /* its end is the allocation's */
    memcpy(copy, data, size);
    struct event_list list = { 0 };
    struct event_list again = { 0 };
    struct buf first = { 0 };
    struct buf second = { 0 };
    enum err err = event_list_decode((struct str){ copy, size }, &list);
    free(copy);
    MUST(err == OK || (err == ERR_PARSE && list.count == 0));
    if (err == OK && list.count > 0) {
        event_list_encode(&first, &list);
        MUST(event_list_decode(buf_str(&first), &again) == OK);
        MUST(again.count == list.count);
        event_list_encode(&second, &again);
        MUST(str_equal(buf_str(&first), buf_str(&second)));
    }
    for (size_t i = 0; i < list.count; i++)
        MUST(list.items[i].type < EVENT_TYPES && list.items[i].foreign);
    buf_release(&first);
    buf_release(&second);
    event_list_release(&list);
    event_list_release(&again);
    return 0;
}
