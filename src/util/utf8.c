/* utf8.c: Table 3-7 of the Unicode standard, as code.
 * Every lead byte says how many continuation bytes follow and in which range
 * the first of them must lie; that range is all that keeps out overlong
 * forms, surrogates and what lies above U+10FFFF. So a check remembers three
 * small numbers, and ill-formed text is found at its first wrong byte. */
#include "util/utf8.h"

#include <assert.h>

/* utf8_check.state: continuation bytes left, lowest and highest next byte. */
#define STATE(left, low, high) ((uint32_t)(left) | (uint32_t)(low) << 8 | (uint32_t)(high) << 16)

/* The state after a lead byte above 0x7f; 0 when it cannot lead. */
static uint32_t lead_state(unsigned char byte)
{
    if (byte >= 0xc2 && byte <= 0xdf)
        return STATE(1, 0x80, 0xbf);
    if (byte == 0xe0)
        return STATE(2, 0xa0, 0xbf);
    if (byte == 0xed)
        return STATE(2, 0x80, 0x9f);
    if (byte >= 0xe1 && byte <= 0xef)
        return STATE(2, 0x80, 0xbf);
    if (byte == 0xf0)
        return STATE(3, 0x90, 0xbf);
    if (byte >= 0xf1 && byte <= 0xf3)
        return STATE(3, 0x80, 0xbf);
    if (byte == 0xf4)
        return STATE(3, 0x80, 0x8f);
    return 0;
}

/* Length of the run of ASCII at the front, eight bytes at a time. */
static size_t ascii_run(const char *bytes, size_t size)
{
    size_t at = 0;
    for (uint64_t word; size - at >= sizeof(word); at += sizeof(word)) {
        memcpy(&word, bytes + at, sizeof(word));
        if ((word & 0x8080808080808080u) != 0)
            break;
    }
    while (at < size && (unsigned char)bytes[at] < 0x80)
        at++;
    return at;
}

/* Length of the run of whole three-byte characters at the front: Chinese is
 * nearly all of what is not ASCII here. Leads with a range of their own end it. */
static size_t three_byte_run(const char *bytes, size_t size)
{
    size_t at = 0;
    for (; size - at >= 3; at += 3) {
        unsigned char lead = (unsigned char)bytes[at];
        unsigned tails = ((unsigned char)bytes[at + 1] & 0xc0u) << 8 | ((unsigned char)bytes[at + 2] & 0xc0u);
        if (lead < 0xe1 || lead > 0xef || lead == 0xed || tails != 0x8080)
            break;
    }
    return at;
}

bool utf8_check_feed(struct utf8_check *check, const char *bytes, size_t size)
{
    uint32_t state = check->state;
    for (size_t at = 0; at < size; at++) {
        unsigned char byte = (unsigned char)bytes[at];
        size_t run;
        if (state != 0) {
            if (byte < (state >> 8 & 0xff) || byte > state >> 16)
                return false;
            uint32_t left = (state & 0xff) - 1;
            state = left == 0 ? 0 : STATE(left, 0x80, 0xbf);
        } else if (byte < 0x80) {
            at += ascii_run(bytes + at, size - at) - 1;
        } else if ((run = three_byte_run(bytes + at, size - at)) > 0) {
            at += run - 1;
        } else {
            state = lead_state(byte);
            if (state == 0)
                return false;
        }
    }
    check->state = state;
    return true;
}

bool utf8_check_done(const struct utf8_check *check)
{
    return check->state == 0;
}

bool utf8_valid(struct str text)
{
    struct utf8_check check = { 0 };
    return utf8_check_feed(&check, text.ptr, text.size) && utf8_check_done(&check);
}

size_t utf8_length(struct str text)
{
    size_t length = 0;
    for (size_t i = 0; i < text.size; i++)
        length += ((unsigned char)text.ptr[i] & 0xc0) != 0x80;
    return length;
}

size_t utf8_encode(uint32_t code_point, char out[4])
{
    assert(code_point <= 0x10ffff && (code_point < 0xd800 || code_point > 0xdfff));
    if (code_point < 0x80) {
        out[0] = (char)code_point;
        return 1;
    }
    if (code_point < 0x800) {
        out[0] = (char)(0xc0 | code_point >> 6);
        out[1] = (char)(0x80 | (code_point & 0x3f));
        return 2;
    }
    if (code_point < 0x10000) {
        out[0] = (char)(0xe0 | code_point >> 12);
        out[1] = (char)(0x80 | (code_point >> 6 & 0x3f));
        out[2] = (char)(0x80 | (code_point & 0x3f));
        return 3;
    }
    out[0] = (char)(0xf0 | code_point >> 18);
    out[1] = (char)(0x80 | (code_point >> 12 & 0x3f));
    out[2] = (char)(0x80 | (code_point >> 6 & 0x3f));
    out[3] = (char)(0x80 | (code_point & 0x3f));
    return 4;
}

uint32_t utf8_next(struct str text, size_t *at)
{
    assert(*at < text.size);
    unsigned char lead = (unsigned char)text.ptr[(*at)++];
    if (lead < 0x80)
        return lead;
    unsigned left = lead >= 0xf0 ? 3 : lead >= 0xe0 ? 2 : 1;
    uint32_t code_point = lead & (0x3fu >> left);
    for (; left > 0 && *at < text.size; left--)
        code_point = code_point << 6 | ((unsigned char)text.ptr[(*at)++] & 0x3f);
    return code_point;
}
