/* ws.h: the client's side of RFC 6455, as little of it as a load needs:
 * frames out are masked, frames in are found in place. */
#ifndef IM_BENCH_WS_H
#define IM_BENCH_WS_H

#include "common.h"

enum { WS_TEXT = 1, WS_CLOSE = 8, WS_PING = 9, WS_PONG = 10 };

#define WS_HEAD_MAX 14 /* a masked header of the longest kind */
/* The sample key of RFC 6455 section 1.3 and its answer, so that no SHA-1 is needed to check one. */
#define WS_KEY "dGhlIHNhbXBsZSBub25jZQ=="
#define WS_ACCEPT "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="

struct ws_frame {
    unsigned opcode;
    char *payload;
    size_t size;
};

/* Takes one whole frame from the front of *bytes, moving it on; false when it is not all there. */
bool ws_take(char **bytes, size_t *size, struct ws_frame *frame);

/* Bytes of a masked header for a payload of size bytes. */
size_t ws_head_size(size_t size);
/* Writes the header at out and masks the payload that stands right behind it. */
void ws_seal(char *out, unsigned opcode, size_t size, uint32_t mask);
/* Masks or unmasks in place. */
void ws_mask(unsigned char *bytes, size_t size, uint32_t mask);

#endif
