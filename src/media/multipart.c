/* multipart.c: a delimiter is looked for across the pieces the body comes in.
 * CR stands in a delimiter only at its start, so that what turned out not to
 * be one needs no second look: it is given out, and the byte that differed is
 * judged anew. */
#include "media/multipart.h"

#include <assert.h>

static_assert(MULTIPART_HEAD_MAX == sizeof(((struct multipart *)0)->head), "the bound is the room");

enum multipart_state {
    PART_DATA,  /* between delimiters: a part's body, or what stands before the first */
    PART_AFTER, /* behind a delimiter: a line end, or two hyphens */
    PART_AFTER_CR,
    PART_AFTER_HYPHEN,
    PART_HEAD,
    PART_END,
};

/* The value of a parameter in a header's value: bare, or quoted without regard to escapes. */
static struct str parameter_get(struct str value, struct str name)
{
    const char *end = value.ptr + value.size;
    const char *at = value.ptr == NULL ? end : memchr(value.ptr, ';', value.size);
    while (at != NULL && at < end) {
        at++;
        while (at < end && (*at == ' ' || *at == '\t'))
            at++;
        const char *key = at;
        while (at < end && *at != '=' && *at != ';')
            at++;
        struct str found = { key, (size_t)(at - key) };
        if (at == end || *at == ';')
            continue;
        const char *text = ++at;
        struct str out;
        if (at < end && *at == '"') {
            text = ++at;
            while (at < end && *at != '"')
                at++;
            out = (struct str){ text, (size_t)(at - text) };
            while (at < end && *at != ';')
                at++;
        } else {
            while (at < end && *at != ';')
                at++;
            out = str_trim((struct str){ text, (size_t)(at - text) });
        }
        if (str_equal_nocase(str_trim(found), name))
            return out;
    }
    return STR_NONE;
}

static bool boundary_good(struct str boundary)
{
    if (boundary.size == 0 || boundary.size > MULTIPART_BOUNDARY_MAX)
        return false;
    for (size_t i = 0; i < boundary.size; i++)
        if ((unsigned char)boundary.ptr[i] < 0x20 || (unsigned char)boundary.ptr[i] > 0x7e)
            return false;
    return boundary.ptr[boundary.size - 1] != ' ';
}

enum err multipart_init(struct multipart *multipart, struct str content_type)
{
    struct str kind = STR("multipart/form-data");
    *multipart = (struct multipart){ 0 };
    if (content_type.size <= kind.size || !str_equal_nocase((struct str){ content_type.ptr, kind.size }, kind))
        return ERR_ARG;
    struct str boundary = parameter_get(content_type, STR("boundary"));
    if (!boundary_good(boundary))
        return ERR_ARG;
    memcpy(multipart->delimiter, "\r\n--", 4);
    memcpy(multipart->delimiter + 4, boundary.ptr, boundary.size);
    multipart->delimiter_size = 4 + boundary.size;
    multipart->matched = 2; /* The first one needs no line end before it. */
    multipart->implied = 2;
    return OK;
}

static enum err other_count(struct multipart *multipart, size_t size)
{
    multipart->other_size += size;
    return multipart->other_size > MULTIPART_OTHER_MAX ? ERR_TOO_LARGE : OK;
}

static enum err data_give(struct multipart *multipart, struct str bytes,
                          enum err (*data)(void *context, struct str bytes), void *context)
{
    if (bytes.size == 0)
        return OK;
    return multipart->in_file ? data(context, bytes) : other_count(multipart, bytes.size);
}

/* One header line of a part. */
static enum err line_take(struct multipart *multipart, struct str line)
{
    struct str name = STR("content-disposition:");
    if (line.size < name.size || !str_equal_nocase((struct str){ line.ptr, name.size }, name))
        return OK;
    struct str value = { line.ptr + name.size, line.size - name.size };
    struct str filename = parameter_get(value, STR("filename"));
    if (filename.ptr == NULL)
        return OK;
    if (multipart->file_seen)
        return ERR_ARG;
    size_t size = filename.size < sizeof(multipart->name) ? filename.size : sizeof(multipart->name) - 1;
    memcpy(multipart->name, filename.ptr, size);
    multipart->name[size] = '\0';
    multipart->in_file = true;
    multipart->file_seen = true;
    return OK;
}

static enum err head_take(struct multipart *multipart)
{
    struct str head = { multipart->head, multipart->head_size };
    while (head.size > 0) {
        const char *end = memmem(head.ptr, head.size, "\r\n", 2);
        size_t size = end == NULL ? head.size : (size_t)(end - head.ptr);
        enum err err = line_take(multipart, (struct str){ head.ptr, size });
        if (err != OK)
            return err;
        size_t taken = end == NULL ? size : size + 2;
        head = (struct str){ head.ptr + taken, head.size - taken };
    }
    return OK;
}

static enum err head_byte(struct multipart *multipart, char byte)
{
    if (multipart->head_size == sizeof(multipart->head))
        return ERR_TOO_LARGE;
    multipart->head[multipart->head_size++] = byte;
    struct str head = { multipart->head, multipart->head_size };
    bool empty = str_equal(head, STR("\r\n"));
    if (!empty && (head.size < 4 || memcmp(head.ptr + head.size - 4, "\r\n\r\n", 4) != 0))
        return OK;
    multipart->state = PART_DATA;
    return head_take(multipart);
}

static enum err after_byte(struct multipart *multipart, char byte)
{
    if (multipart->state == PART_AFTER_HYPHEN) {
        multipart->state = PART_END;
        return byte == '-' ? OK : ERR_PARSE;
    }
    if (multipart->state == PART_AFTER_CR) {
        multipart->state = PART_HEAD;
        multipart->head_size = 0;
        return byte != '\n' ? ERR_PARSE : ++multipart->parts > MULTIPART_PARTS_MAX ? ERR_TOO_LARGE : OK;
    }
    if (byte == '-')
        multipart->state = PART_AFTER_HYPHEN;
    else if (byte == '\r')
        multipart->state = PART_AFTER_CR;
    else if (byte != ' ' && byte != '\t')
        return ERR_PARSE;
    return OK;
}

static enum err data_bytes(struct multipart *multipart, struct str *bytes,
                           enum err (*data)(void *context, struct str bytes), void *context)
{
    enum err err = OK;
    if (multipart->matched == 0) {
        const char *cr = memchr(bytes->ptr, '\r', bytes->size);
        size_t plain = cr == NULL ? bytes->size : (size_t)(cr - bytes->ptr);
        err = data_give(multipart, (struct str){ bytes->ptr, plain }, data, context);
        *bytes = (struct str){ bytes->ptr + plain, bytes->size - plain };
        if (err != OK || bytes->size == 0)
            return err;
    }
    if (bytes->ptr[0] == multipart->delimiter[multipart->matched]) {
        bytes->ptr++;
        bytes->size--;
        if (++multipart->matched == multipart->delimiter_size) {
            multipart->matched = 0;
            multipart->implied = 0;
            multipart->in_file = false;
            multipart->state = PART_AFTER;
        }
        return OK;
    }
    struct str given = { multipart->delimiter + multipart->implied, multipart->matched - multipart->implied };
    multipart->matched = 0;
    multipart->implied = 0;
    return data_give(multipart, given, data, context);
}

enum err multipart_feed(struct multipart *multipart, struct str bytes,
                        enum err (*data)(void *context, struct str bytes), void *context)
{
    enum err err = OK;
    while (err == OK && bytes.size > 0) {
        if (multipart->state == PART_DATA) {
            err = data_bytes(multipart, &bytes, data, context);
            continue;
        }
        char byte = bytes.ptr[0];
        bytes.ptr++;
        bytes.size--;
        if (multipart->state != PART_END) /* What follows the end is nobody's. */
            err = multipart->state == PART_HEAD ? head_byte(multipart, byte) : after_byte(multipart, byte);
        if (err == OK)
            err = other_count(multipart, 1);
    }
    return err;
}

bool multipart_done(const struct multipart *multipart)
{
    return multipart->state == PART_END && multipart->file_seen;
}
