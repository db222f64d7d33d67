/* event_code.c: a version, then each event: its type, a mask of what it has,
 * and that in the order of the tables below. A new member goes to the end of
 * its table; a number that has not been there before means a new VERSION. */
#include "chat/event_code.h"

#include <assert.h>

#define VERSION 1

/* Of type int64_t. */
static const size_t numbers[] = {
    offsetof(struct event, chat),     offsetof(struct event, users[0]),   offsetof(struct event, users[1]),
    offsetof(struct event, actor),    offsetof(struct event, id),         offsetof(struct event, seq),
    offsetof(struct event, msg_type), offsetof(struct event, created_ms), offsetof(struct event, cmd),
    offsetof(struct event, mver),     offsetof(struct event, device),
};
static const size_t texts[] = {
    offsetof(struct event, actor_email), offsetof(struct event, dst),       offsetof(struct event, content),
    offsetof(struct event, cid),         offsetof(struct event, attrs),     offsetof(struct event, body),
    offsetof(struct event, emails[0]),   offsetof(struct event, emails[1]),
};
/* What *_ENDED may say; the first stands for none. */
static const char *const reasons[] = { NULL, "revoked", "kicked" };

#define NUMBERS (sizeof(numbers) / sizeof(*numbers))
#define TEXTS (sizeof(texts) / sizeof(*texts))
#define REASONS (sizeof(reasons) / sizeof(*reasons))

/* Bits of the mask: the numbers, then the texts, then these. */
#define HAS_TARGETS ((uint64_t)1 << (NUMBERS + TEXTS))
#define HAS_FLAGS ((uint64_t)1 << (NUMBERS + TEXTS + 1))
#define MASK_END ((uint64_t)1 << (NUMBERS + TEXTS + 2))

/* The byte behind HAS_FLAGS. */
#define FLAG_FOUNDED 1u
#define FLAG_ONLINE 2u
#define SCOPE_SHIFT 2
#define SCOPE_MASK 3u
#define REASON_SHIFT 4

static_assert(EVENT_TO_TARGETS <= SCOPE_MASK, "a scope has two bits");
static_assert(REASONS <= 16, "a reason has four bits");

/* ---- writing ---- */

static void put_u64(struct buf *bytes, uint64_t value)
{
    while (value >= 0x80) {
        buf_append_byte(bytes, (char)(value | 0x80));
        value >>= 7;
    }
    buf_append_byte(bytes, (char)value);
}

static void put_i64(struct buf *bytes, int64_t value)
{
    put_u64(bytes, (uint64_t)value << 1 ^ (value < 0 ? UINT64_MAX : 0));
}

static int64_t number_of(const struct event *event, size_t i)
{
    return *(const int64_t *)((const char *)event + numbers[i]);
}

static const struct str *text_of(const struct event *event, size_t i)
{
    return (const struct str *)((const char *)event + texts[i]);
}

static unsigned flags_of(const struct event *event)
{
    unsigned reason = 0;
    for (unsigned i = 1; event->reason != NULL && i < REASONS; i++)
        if (strcmp(event->reason, reasons[i]) == 0)
            reason = i;
    assert(event->reason == NULL || reason != 0);
    return (event->founded ? FLAG_FOUNDED : 0) | (event->online ? FLAG_ONLINE : 0) |
           (unsigned)event->scope << SCOPE_SHIFT | reason << REASON_SHIFT;
}

static uint64_t mask_of(const struct event *event)
{
    uint64_t mask = 0;
    for (size_t i = 0; i < NUMBERS; i++)
        mask |= (uint64_t)(number_of(event, i) != 0) << i;
    for (size_t i = 0; i < TEXTS; i++)
        mask |= (uint64_t)(text_of(event, i)->ptr != NULL) << (NUMBERS + i);
    return mask | (event->target_count > 0 ? HAS_TARGETS : 0) | (flags_of(event) != 0 ? HAS_FLAGS : 0);
}

void event_encode(struct buf *bytes, const struct event *event)
{
    uint64_t mask = mask_of(event);
    if (bytes->size == 0)
        buf_append_byte(bytes, VERSION);
    buf_append_byte(bytes, (char)event->type);
    put_u64(bytes, mask);
    for (size_t i = 0; i < NUMBERS; i++)
        if ((mask & (uint64_t)1 << i) != 0)
            put_i64(bytes, number_of(event, i));
    for (size_t i = 0; i < TEXTS; i++) {
        if ((mask & (uint64_t)1 << (NUMBERS + i)) == 0)
            continue;
        put_u64(bytes, text_of(event, i)->size);
        buf_append_str(bytes, *text_of(event, i));
    }
    if ((mask & HAS_TARGETS) != 0) {
        put_u64(bytes, event->target_count);
        for (size_t i = 0; i < event->target_count; i++)
            put_i64(bytes, event->targets[i]);
    }
    if ((mask & HAS_FLAGS) != 0)
        buf_append_byte(bytes, (char)flags_of(event));
}

void event_list_encode(struct buf *bytes, const struct event_list *list)
{
    for (size_t i = 0; i < list->count; i++)
        event_encode(bytes, &list->items[i]);
}

/* ---- reading ---- */

struct input {
    struct str rest;
    bool bad; /* from then on everything read is 0 */
};

static unsigned take_byte(struct input *input)
{
    if (input->bad || input->rest.size == 0) {
        input->bad = true;
        return 0;
    }
    input->rest.size--;
    return (unsigned char)*input->rest.ptr++;
}

static uint64_t take_u64(struct input *input)
{
    uint64_t value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
        uint64_t byte = take_byte(input);
        if (shift == 63 && byte > 1)
            break;
        value |= (byte & 0x7f) << shift;
        if ((byte & 0x80) == 0)
            return input->bad ? 0 : value;
    }
    input->bad = true;
    return 0;
}

static int64_t take_i64(struct input *input)
{
    uint64_t value = take_u64(input);
    return (int64_t)(value >> 1 ^ ((value & 1) != 0 ? UINT64_MAX : 0));
}

static struct str take_text(struct input *input)
{
    uint64_t size = take_u64(input);
    struct str text = { input->rest.ptr, (size_t)size };
    if (input->bad || size > input->rest.size) {
        input->bad = true;
        return STR_NONE;
    }
    input->rest.ptr += text.size;
    input->rest.size -= text.size;
    return text;
}

static void take_targets(struct input *input, struct arena *arena, struct event *event)
{
    uint64_t count = take_u64(input);
    if (count == 0 || count > input->rest.size) { /* Each of them is a byte at least. */
        input->bad = true;
        return;
    }
    int64_t *targets = arena_alloc(arena, (size_t)count * sizeof(*targets));
    for (size_t i = 0; i < count; i++)
        targets[i] = take_i64(input);
    event->targets = targets;
    event->target_count = (size_t)count;
}

static void take_flags(struct input *input, struct event *event)
{
    unsigned flags = take_byte(input);
    event->founded = (flags & FLAG_FOUNDED) != 0;
    event->online = (flags & FLAG_ONLINE) != 0;
    event->scope = (enum event_scope)(flags >> SCOPE_SHIFT & SCOPE_MASK);
    unsigned reason = flags >> REASON_SHIFT;
    if (reason < REASONS)
        event->reason = reasons[reason];
    else
        input->bad = true;
}

static void take_event(struct input *input, struct event_list *list)
{
    unsigned type = take_byte(input);
    uint64_t mask = take_u64(input);
    if (input->bad || type >= EVENT_TYPES || mask >= MASK_END) {
        input->bad = true;
        return;
    }
    struct event *event = event_add(list, (enum event_type)type);
    event->foreign = true;
    for (size_t i = 0; i < NUMBERS; i++)
        if ((mask & (uint64_t)1 << i) != 0)
            *(int64_t *)((char *)event + numbers[i]) = take_i64(input);
    for (size_t i = 0; i < TEXTS; i++)
        if ((mask & (uint64_t)1 << (NUMBERS + i)) != 0)
            *(struct str *)((char *)event + texts[i]) = take_text(input);
    if ((mask & HAS_TARGETS) != 0)
        take_targets(input, &list->arena, event);
    if ((mask & HAS_FLAGS) != 0)
        take_flags(input, event);
}

enum err event_list_decode(struct str bytes, struct event_list *list)
{
    size_t before = list->count;
    struct input input = { .rest = arena_str(&list->arena, bytes) };
    if (take_byte(&input) != VERSION)
        input.bad = true;
    while (!input.bad && input.rest.size > 0)
        take_event(&input, list);
    if (!input.bad)
        return OK;
    list->count = before;
    return ERR_PARSE;
}
