/* mark.c: marks and what their numbers tell of losses. */
#include "mark.h"

#include <string.h>

static const char DIGITS[] = "0123456789abcdef";

static void hex_write(char *out, size_t digits, uint64_t value)
{
    for (size_t i = digits; i > 0; i--) {
        out[i - 1] = DIGITS[value & 15U];
        value >>= 4;
    }
}

/* Lower-case digits only, as hex_write makes them. */
static uint64_t hex_read(const char *text, size_t digits)
{
    uint64_t value = 0;
    for (size_t i = 0; i < digits; i++) {
        unsigned c = (unsigned char)text[i];
        value = value << 4 | ((c & 15U) + (c >> 6) * 9U);
    }
    return value;
}

void mark_write(char out[MARK_SIZE], const struct mark *mark)
{
    out[0] = '~';
    out[1] = 'T';
    hex_write(out + 2, 16, (uint64_t)mark->sent_ns);
    hex_write(out + 18, 8, mark->stream);
    hex_write(out + 26, 8, mark->number);
    out[34] = '~';
}

static bool mark_at(const char *text)
{
    return text[0] == '~' && text[1] == 'T' && text[MARK_SIZE - 1] == '~';
}

bool mark_find(const char *payload, size_t size, size_t *hint, struct mark *mark)
{
    if (size < MARK_SIZE)
        return false;
    const char *last = payload + size - MARK_SIZE;
    const char *at = payload + *hint;
    if (at > last || !mark_at(at)) {
        at = payload;
        while (at <= last && (at = memchr(at, '~', (size_t)(last - at) + 1)) != NULL && !mark_at(at))
            at++;
        if (at == NULL || at > last)
            return false;
        *hint = (size_t)(at - payload);
    }
    mark->sent_ns = (int64_t)hex_read(at + 2, 16);
    mark->stream = (uint32_t)hex_read(at + 18, 8);
    mark->number = (uint32_t)hex_read(at + 26, 8);
    return true;
}

void tally_add(struct tally *tally, uint32_t number)
{
    if (number >= tally->next) {
        uint32_t step = number - tally->next + 1;
        tally->lost += step - 1;
        tally->seen = (step >= 64 ? 0 : tally->seen << step) | 1U;
        tally->next = number + 1;
        return;
    }
    uint32_t back = tally->next - 1 - number;
    if (back >= 64 || (tally->seen >> back & 1U) != 0) {
        tally->repeated++;
        return;
    }
    tally->seen |= UINT64_C(1) << back;
    tally->late++;
    if (tally->lost > 0)
        tally->lost--;
}

uint64_t tally_lost(const struct tally *tally, uint32_t sent)
{
    return tally->lost + (uint64_t)(sent > tally->next ? sent - tally->next : 0);
}
