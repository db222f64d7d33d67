/* frame.c: headers of frames out. */
#include "live/frame.h"

#include "ws/frame.h"

#define HEADER_GAP 4 /* the header of a frame of 126 to 65,535 bytes, the usual one */

size_t frame_begin(struct buf *out)
{
    size_t start = out->size;
    buf_append(out, "\0\0\0\0", HEADER_GAP);
    return start;
}

void frame_end(struct buf *out, size_t start)
{
    size_t size = out->size - start - HEADER_GAP;
    char header[10];
    size_t header_size = ws_header_write(header, WS_TEXT, false, size);
    if (header_size != HEADER_GAP) {
        buf_reserve(out, 10);
        memmove(out->ptr + start + header_size, out->ptr + start + HEADER_GAP, size);
        out->size = start + header_size + size;
    }
    memcpy(out->ptr + start, header, header_size);
}
