/* name.c: the bounds of names. */
#include "chat/name.h"

#include "util/utf8.h"

static bool acceptable(struct str text, size_t chars_max, bool lines)
{
    if (text.size > chars_max * 4 || !utf8_valid(text) || utf8_length(text) > chars_max)
        return false;
    for (size_t at = 0; at < text.size;) {
        uint32_t c = utf8_next(text, &at);
        if (lines && (c == '\n' || c == '\r' || c == '\t'))
            continue;
        if (c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0x2028 || c == 0x2029)
            return false;
    }
    return true;
}

bool name_acceptable(struct str name, size_t chars_max)
{
    return acceptable(name, chars_max, false);
}

bool text_acceptable(struct str text, size_t chars_max)
{
    return acceptable(text, chars_max, true);
}
