/* page.c: bounded arrays of messages. */
#include "action/page.h"

#include "action/object.h"
#include "util/jsonw.h"
#include "util/mem.h"

#include <stdlib.h>

struct reading page_reading(struct action_call *call, const struct action_env *env)
{
    return (struct reading){
        .db = env->db,
        .arena = call->arena,
        .user = call->actor.id,
        .whole_history = env->conf->whole_history,
        .now_ms = env->now_ms,
    };
}

size_t page_bytes_max(const struct action_env *env)
{
    return (size_t)env->conf->outbox_max / 2;
}

static bool forward_append(struct buf *out, struct message_list *list, size_t bytes_max)
{
    size_t start = out->size;
    for (size_t i = 0; i < list->count; i++) {
        if (i > 0 && out->size - start >= bytes_max) {
            list->count = i;
            return true;
        }
        object_message(out, &list->rows[i]);
    }
    return false;
}

/* Built from the last one back, then put in order. */
static bool backward_append(struct buf *out, struct message_list *list, size_t bytes_max)
{
    struct buf built = { 0 };
    size_t *starts = mem_alloc((list->count + 1) * sizeof(*starts));
    size_t kept = 0;
    while (kept < list->count && (kept == 0 || built.size < bytes_max)) {
        struct buf one = { 0 };
        object_message(&one, &list->rows[list->count - 1 - kept]);
        starts[kept++] = built.size;
        buf_append_str(&built, buf_str(&one));
        buf_release(&one);
    }
    starts[kept] = built.size;
    for (size_t i = kept; i > 0; i--)
        jsonw_raw(out, (struct str){ built.ptr + starts[i - 1], starts[i] - starts[i - 1] });
    bool cut = kept < list->count;
    list->rows += list->count - kept;
    list->count = kept;
    buf_release(&built);
    free(starts);
    return cut;
}

bool page_append(struct buf *out, struct message_list *list, bool newest, size_t bytes_max)
{
    jsonw_open(out, '[');
    bool cut = newest ? backward_append(out, list, bytes_max) : forward_append(out, list, bytes_max);
    jsonw_close(out, ']');
    return cut;
}
