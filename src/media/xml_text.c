/* xml_text.c: tags by their names, wherever they stand. */
#include "media/xml_text.h"

void xml_text_append(struct buf *out, struct str text)
{
    for (size_t i = 0; i < text.size; i++) {
        char c = text.ptr[i];
        if (c == '&')
            buf_append_str(out, STR("&amp;"));
        else if (c == '<')
            buf_append_str(out, STR("&lt;"));
        else if (c == '>')
            buf_append_str(out, STR("&gt;"));
        else if (c == '"')
            buf_append_str(out, STR("&quot;"));
        else
            buf_append_byte(out, c);
    }
}

static bool tag_at(struct str text, size_t at, struct str name)
{
    return text.size - at > name.size + 1 && text.ptr[at] == '<' &&
           memcmp(text.ptr + at + 1, name.ptr, name.size) == 0 && text.ptr[at + 1 + name.size] == '>';
}

bool xml_text_next(struct str *rest, struct str name, struct str *text)
{
    for (size_t at = 0; at < rest->size; at++) {
        if (!tag_at(*rest, at, name))
            continue;
        const char *from = rest->ptr + at + name.size + 2;
        size_t left = rest->size - at - name.size - 2;
        const char *end = left == 0 ? NULL : memchr(from, '<', left);
        if (end == NULL)
            return false;
        *text = (struct str){ from, (size_t)(end - from) };
        *rest = (struct str){ end, left - text->size };
        return true;
    }
    return false;
}
