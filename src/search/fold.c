/* fold.c: ranges and tables from the Unicode character database. */
#include "search/fold.h"

#include <stdbool.h>
#include <stddef.h>

struct range {
    uint32_t first, last;
};

#define IN(ranges, code_point) in_ranges((ranges), sizeof(ranges) / sizeof((ranges)[0]), (code_point))

/* All of these are sorted. */
static const struct range marks[] = {
    { 0x00ad, 0x00ad }, { 0x0300, 0x036f }, { 0x1ab0, 0x1aff },   { 0x1dc0, 0x1dff },
    { 0x200b, 0x200d }, { 0x2060, 0x2060 }, { 0x20d0, 0x20ff },   { 0xfe00, 0xfe0f },
    { 0xfe20, 0xfe2f }, { 0xfeff, 0xfeff }, { 0xe0001, 0xe007f }, { 0xe0100, 0xe01ef },
};

static const struct range cjk[] = {
    { 0x1100, 0x11ff }, { 0x2e80, 0x2fdf }, { 0x3005, 0x3007 }, { 0x3021, 0x3029 },   { 0x3031, 0x3035 },
    { 0x3038, 0x303c }, { 0x3041, 0x309f }, { 0x30a1, 0x30fa }, { 0x30fc, 0x318f },   { 0x31a0, 0x31bf },
    { 0x31f0, 0x31ff }, { 0x3400, 0x4dbf }, { 0x4e00, 0x9fff }, { 0xa960, 0xa97f },   { 0xac00, 0xd7ff },
    { 0xf900, 0xfaff }, { 0xff66, 0xff9f }, { 0xffa0, 0xffdc }, { 0x1aff0, 0x1b16f }, { 0x20000, 0x3ffff },
};

/* Punctuation, symbols, blanks, private use: no letters or digits. */
static const struct range breaks[] = {
    { 0x0080, 0x00a9 }, { 0x00ab, 0x00b4 },   { 0x00b6, 0x00b9 },   { 0x00bb, 0x00bf },   { 0x00d7, 0x00d7 },
    { 0x00f7, 0x00f7 }, { 0x02c2, 0x02df },   { 0x037e, 0x037e },   { 0x0387, 0x0387 },   { 0x055a, 0x055f },
    { 0x0589, 0x058f }, { 0x05be, 0x05be },   { 0x05c0, 0x05c0 },   { 0x05c3, 0x05c3 },   { 0x05f3, 0x05f4 },
    { 0x0600, 0x060f }, { 0x061b, 0x061f },   { 0x066a, 0x066d },   { 0x06d4, 0x06d4 },   { 0x0964, 0x0965 },
    { 0x0e3f, 0x0e3f }, { 0x0e4f, 0x0e4f },   { 0x0e5a, 0x0e5b },   { 0x104a, 0x104f },   { 0x10fb, 0x10fb },
    { 0x1360, 0x1368 }, { 0x1680, 0x1680 },   { 0x17d4, 0x17db },   { 0x1800, 0x180e },   { 0x2000, 0x2070 },
    { 0x2074, 0x2bff }, { 0x2e00, 0x2e7f },   { 0x2ff0, 0x33ff },   { 0xa490, 0xa4cf },   { 0xd800, 0xf8ff },
    { 0xfd3e, 0xfd3f }, { 0xfdfc, 0xfdff },   { 0xfe10, 0xfe6f },   { 0xff00, 0xff20 },   { 0xff3b, 0xff40 },
    { 0xff5b, 0xffff }, { 0x10100, 0x1013f }, { 0x1d000, 0x1d3ff }, { 0x1f000, 0x1faff }, { 0xe0000, 0x10ffff },
};

/* U+00C0…U+024F and U+1E00…U+1EFF, two letters each; blanks: itself, or only lower-cased below. */
static const char latin[] = "a a a a a a aec e e e e i i i i d n o o o o o   o u u u u y thss" /* 00C0 */
                            "a a a a a a aec e e e e i i i i d n o o o o o   o u u u u y thy " /* 00E0 */
                            "a a a a a a c c c c c c c c d d d d e e e e e e e e e e g g g g " /* 0100 */
                            "g g g g h h h h i i i i i i i i i i ijijj j k k k l l l l l l l " /* 0120 */
                            "l l l n n n n n n n n n o o o o o o oeoer r r r r r s s s s s s " /* 0140 */
                            "s s t t t t t t u u u u u u u u u u u u w w y y y z z z z z z s " /* 0160 */
                            "b                                             i     l           " /* 0180 */
                            "o o                           u u         z z                   " /* 01A0 */
                            "        dzdzdzljljljnjnjnja a i i o o u u u u u u u u u u   a a " /* 01C0 */
                            "a a aeaeg g g g k k o o o o     j dzdzdzg g     n n a a aeaeo o " /* 01E0 */
                            "a a a a e e e e i i i i o o o o r r r r u u u u s s t t     h h " /* 0200 */
                            "            a a e e o o o o o o o o y y             a c c l t   " /* 0220 */
                            "      b u   e e j j     r r y y " /* 0240 */;
static const char latin_additional[] = "a a b b b b b b c c d d d d d d d d d d e e e e e e e e e e f f " /* 1E00 */
                                       "g g h h h h h h h h h h i i i i k k k k k k l l l l l l l l m m " /* 1E20 */
                                       "m m m m n n n n n n n n o o o o o o o o p p p p r r r r r r r r " /* 1E40 */
                                       "s s s s s s s s s s t t t t t t t t u u u u u u u u u u v v v v " /* 1E60 */
                                       "w w w w w w w w w w x x x x y y z z z z z z h t w y   s s s ss  " /* 1E80 */
                                       "a a a a a a a a a a a a a a a a a a a a a a a a e e e e e e e e " /* 1EA0 */
                                       "e e e e e e e e i i i i o o o o o o o o o o o o o o o o o o o o " /* 1EC0 */
                                       "o o o o u u u u u u u u u u u u u u y y y y y y y y             " /* 1EE0 */;

static bool in_ranges(const struct range *ranges, size_t count, uint32_t code_point)
{
    size_t low = 0;
    size_t high = count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (code_point > ranges[middle].last)
            low = middle + 1;
        else
            high = middle;
    }
    return low < count && code_point >= ranges[low].first;
}

static uint32_t greek(uint32_t c)
{
    static const struct {
        uint16_t from, to;
    } accented[] = {
        { 0x0386, 0x03b1 }, { 0x0388, 0x03b5 }, { 0x0389, 0x03b7 }, { 0x038a, 0x03b9 }, { 0x038c, 0x03bf },
        { 0x038e, 0x03c5 }, { 0x038f, 0x03c9 }, { 0x0390, 0x03b9 }, { 0x03aa, 0x03b9 }, { 0x03ab, 0x03c5 },
        { 0x03ac, 0x03b1 }, { 0x03ad, 0x03b5 }, { 0x03ae, 0x03b7 }, { 0x03af, 0x03b9 }, { 0x03b0, 0x03c5 },
        { 0x03c2, 0x03c3 }, { 0x03ca, 0x03b9 }, { 0x03cb, 0x03c5 }, { 0x03cc, 0x03bf }, { 0x03cd, 0x03c5 },
        { 0x03ce, 0x03c9 },
    };
    for (size_t i = 0; i < sizeof(accented) / sizeof(accented[0]); i++)
        if (accented[i].from == c)
            return accented[i].to;
    return c >= 0x0391 && c <= 0x03a9 && c != 0x03a2 ? c + 32 : c;
}

static uint32_t cyrillic(uint32_t c)
{
    if (c >= 0x0410 && c <= 0x042f)
        return c + 32;
    if (c == 0x0401 || c == 0x0451)
        return 0x0435;
    if (c >= 0x0400 && c <= 0x040f)
        return c + 80;
    bool pairs = (c >= 0x0460 && c <= 0x0481) || (c >= 0x048a && c <= 0x04bf) || (c >= 0x04d0 && c <= 0x052f);
    return pairs ? c | 1 : c;
}

static struct fold word(uint32_t letter)
{
    return (struct fold){ FOLD_WORD, 1, { letter, 0 } };
}

static struct fold latin_of(const char *pair, uint32_t code_point)
{
    if (pair[0] == ' ')
        return word(code_point);
    if (pair[1] == ' ')
        return word((unsigned char)pair[0]);
    return (struct fold){ FOLD_WORD, 2, { (unsigned char)pair[0], (unsigned char)pair[1] } };
}

static struct fold fold_ascii(uint32_t c)
{
    if (c >= 'A' && c <= 'Z')
        return word(c + 32);
    if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'))
        return word(c);
    return (struct fold){ .kind = FOLD_BREAK };
}

struct fold fold(uint32_t c)
{
    if (c < 0x80)
        return fold_ascii(c);
    if (c >= 0x4e00 && c <= 0x9fff) /* most of what is not ASCII */
        return (struct fold){ FOLD_CJK, 1, { c, 0 } };
    if (c >= 0xff01 && c <= 0xff5e)
        return fold_ascii(c - 0xfee0);
    if (IN(marks, c))
        return (struct fold){ .kind = FOLD_MARK };
    if (IN(cjk, c))
        return (struct fold){ FOLD_CJK, 1, { c, 0 } };
    if (IN(breaks, c))
        return (struct fold){ .kind = FOLD_BREAK };
    if (c >= 0x00c0 && c <= 0x024f)
        return latin_of(latin + (c - 0x00c0) * 2, c);
    if (c >= 0x1e00 && c <= 0x1eff)
        return latin_of(latin_additional + (c - 0x1e00) * 2, c);
    if (c >= 0x0370 && c <= 0x03ff)
        return word(greek(c));
    if (c >= 0x0400 && c <= 0x052f)
        return word(cyrillic(c));
    if (c >= 0x0531 && c <= 0x0556) /* Armenian */
        return word(c + 48);
    return word(c);
}
