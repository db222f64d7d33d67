/* buf.c: bytes that grow by doubling, so that n appends cost O(n). */
#include "util/buf.h"

#include "util/mem.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define CAPACITY_MIN 64

void buf_release(struct buf *buf)
{
    free(buf->ptr);
    *buf = (struct buf){ 0 };
}

void buf_clear(struct buf *buf)
{
    buf->size = 0;
}

void buf_reserve(struct buf *buf, size_t more)
{
    if (more <= buf->capacity - buf->size)
        return;
    assert(more <= SIZE_MAX / 2 - buf->size);
    size_t needed = buf->size + more;
    size_t capacity = buf->capacity < CAPACITY_MIN ? CAPACITY_MIN : buf->capacity;
    while (capacity < needed)
        capacity *= 2;
    buf->ptr = mem_realloc(buf->ptr, capacity);
    buf->capacity = capacity;
}

void buf_append(struct buf *buf, const void *bytes, size_t size)
{
    if (size == 0)
        return;
    buf_reserve(buf, size);
    memcpy(buf->ptr + buf->size, bytes, size);
    buf->size += size;
}

void buf_append_str(struct buf *buf, struct str text)
{
    buf_append(buf, text.ptr, text.size);
}

void buf_append_byte(struct buf *buf, char byte)
{
    buf_reserve(buf, 1);
    buf->ptr[buf->size++] = byte;
}

void buf_append_i64(struct buf *buf, int64_t value)
{
    char digits[20]; /* "-9223372036854775808" */
    size_t at = sizeof(digits);
    uint64_t rest = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
    do {
        digits[--at] = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest > 0);
    if (value < 0)
        digits[--at] = '-';
    buf_append(buf, digits + at, sizeof(digits) - at);
}

void buf_append_format(struct buf *buf, const char *format, ...)
{
    assert(format != NULL);
    va_list args;
    va_start(args, format);
    int size = vsnprintf(NULL, 0, format, args);
    va_end(args);
    assert(size >= 0);
    buf_reserve(buf, (size_t)size + 1); /* vsnprintf ends with a NUL byte. */
    va_start(args, format);
    vsnprintf(buf->ptr + buf->size, (size_t)size + 1, format, args);
    va_end(args);
    buf->size += (size_t)size;
}

void buf_consume(struct buf *buf, size_t n)
{
    assert(n <= buf->size);
    buf->size -= n;
    if (n > 0 && buf->size > 0)
        memmove(buf->ptr, buf->ptr + n, buf->size);
}
