/* parts.c: a file in parts, by a client that sends whatever it likes, and a server that is killed whenever it likes.
 * Whatever happened, what counts as there is there, and what counts as whole is the file. */
#include "fuzz.h"

#include "media/parts.h"

#include <stdlib.h>

#define SIZE_MAX_BYTES 20000

struct input {
    const uint8_t *at;
    const uint8_t *end;
};

static uint32_t take(struct input *input, unsigned bytes)
{
    uint32_t value = 0;
    for (unsigned i = 0; i < bytes && input->at < input->end; i++)
        value = value << 8 | *input->at++;
    return value;
}

/* Byte at of the file that the client means. */
static uint8_t byte_of(int64_t at)
{
    return (uint8_t)(at * 7 + at / 251 + 1);
}

static void part_send(struct parts *parts, uint8_t *disk, int64_t number, int64_t sent, bool synced)
{
    struct part_range range;
    if (!parts_range(parts, number, &range))
        return;
    MUST(range.from >= 0 && range.size >= 1 && range.from + range.size <= parts->size);
    if (parts_has(parts, number))
        return;
    for (int64_t i = 0; i < sent && i < range.size; i++)
        disk[range.from + i] = byte_of(range.from + i);
    if (sent == range.size && synced)
        parts_add(parts, number);
}

static void check(const struct parts *parts, const uint8_t *disk)
{
    int64_t missing = 0;
    int64_t at = 0;
    for (int64_t n = 0; n < parts->count; n++) {
        struct part_range range;
        MUST(parts_range(parts, n, &range) && range.from == at);
        at += range.size;
        missing += parts_has(parts, n) ? 0 : 1;
        for (int64_t i = range.from; parts_has(parts, n) && i < at; i++)
            MUST(disk[i] == byte_of(i));
    }
    MUST(at == parts->size && missing == parts->missing && parts_whole(parts) == (missing == 0));
}

static void killed(struct parts *parts)
{
    struct parts again;
    struct str kept = parts_bits(parts);
    MUST(parts_load(&again, parts->size, parts->part_size, kept) == OK);
    MUST(memcmp(&again, parts, sizeof(again)) == 0);
    *parts = again;
}

static void upload_check(struct input input)
{
    struct parts parts;
    int64_t size = 1 + take(&input, 2) % SIZE_MAX_BYTES;
    parts_init(&parts, size, 1 + take(&input, 2));
    MUST(parts.count >= 1 && parts.count <= PARTS_MAX && parts.missing == parts.count);
    uint8_t *disk = calloc(1, (size_t)size);
    while (input.at < input.end) {
        uint8_t what = (uint8_t)take(&input, 1);
        int64_t number = (int64_t)take(&input, 2) - 2;
        if (what < 16)
            killed(&parts);
        else if (what < 64)
            part_send(&parts, disk, number, take(&input, 2), (what & 1) != 0);
        else
            part_send(&parts, disk, number % parts.count, parts.part_size < size ? parts.part_size : size, true);
        if (what >= 128) /* The last one is shorter. */
            part_send(&parts, disk, parts.count - 1, size - (parts.count - 1) * parts.part_size, true);
    }
    check(&parts, disk);
    free(disk);
}

/* A row that was written by nobody. */
static void row_check(struct input input)
{
    struct parts parts;
    int64_t size = (int64_t)((uint64_t)take(&input, 4) << 32 | take(&input, 4));
    int64_t part_size = (int64_t)((uint64_t)take(&input, 4) << 32 | take(&input, 4));
    struct str bits = { (const char *)input.at, (size_t)(input.end - input.at) };
    if (parts_load(&parts, size, part_size, bits) == OK) {
        MUST(str_equal(parts_bits(&parts), bits));
        MUST(parts.missing >= 0 && parts.missing <= parts.count && parts.count <= PARTS_MAX);
    }
    if (size >= 1 && part_size >= 1) {
        struct part_range range;
        parts_init(&parts, size, part_size);
        MUST(parts_range(&parts, parts.count - 1, &range) && range.from + range.size == size);
        MUST(parts.part_size % part_size == 0 || parts.part_size == size);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input input = { data, data + size };
    upload_check(input);
    row_check(input);
    return 0;
}
