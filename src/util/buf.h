/* buf.h: a growable byte buffer that owns its memory.
 * Appends cannot fail; whoever appends on behalf of a stranger checks its
 * own bound first. A zeroed struct buf is a valid empty one. */
#ifndef IM_UTIL_BUF_H
#define IM_UTIL_BUF_H

#include "util/str.h"

struct buf {
    char *ptr;
    size_t size;
    size_t capacity;
};

void buf_release(struct buf *buf); /* Frees the memory and zeroes *buf. */
void buf_clear(struct buf *buf);   /* size = 0, keeps the memory. */
void buf_reserve(struct buf *buf, size_t more);
void buf_append(struct buf *buf, const void *bytes, size_t size);
void buf_append_str(struct buf *buf, struct str text);
void buf_append_byte(struct buf *buf, char byte);
void buf_append_i64(struct buf *buf, int64_t value);
void buf_append_format(struct buf *buf, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Drops the first n bytes and moves the rest to the front. */
void buf_consume(struct buf *buf, size_t n);

static inline struct str buf_str(const struct buf *buf)
{
    return (struct str){ buf->ptr, buf->size };
}

#endif
