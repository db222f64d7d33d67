/* frame.h: RFC 6455 framing, pure.
 * The decoder is fed bytes as they come and reports whole messages and control
 * frames; it unmasks in place, keeps nothing for a frame that arrives whole,
 * and only buffers what is split over reads or fragments. */
#ifndef IM_WS_FRAME_H
#define IM_WS_FRAME_H

#include "util/buf.h"
#include "util/err.h"
#include "util/utf8.h"

enum ws_opcode { WS_CONT = 0x0, WS_TEXT = 0x1, WS_BINARY = 0x2, WS_CLOSE = 0x8, WS_PING = 0x9, WS_PONG = 0xA };

enum ws_close {
    WS_CLOSE_NORMAL = 1000,
    WS_CLOSE_GOING_AWAY = 1001,
    WS_CLOSE_PROTOCOL = 1002,
    WS_CLOSE_UNSUPPORTED = 1003,
    WS_CLOSE_NONE = 1005, /* never sent: the peer's close had no code */
    WS_CLOSE_INVALID = 1007,
    WS_CLOSE_POLICY = 1008,
    WS_CLOSE_TOO_LARGE = 1009,
    WS_CLOSE_INTERNAL = 1011,
    WS_CLOSE_TRY_LATER = 1013,
};

struct ws_decoder; /* small; allocates its buffer only while something is incomplete */
struct ws_inflate; /* ws/deflate.h */

struct ws_event {
    enum ws_opcode opcode; /* TEXT, BINARY: a whole message; CLOSE, PING, PONG */
    struct str payload;    /* unmasked, inflated, TEXT is well-formed UTF-8; valid until the next call */
    unsigned close_code;   /* CLOSE: the peer's code, or 1005; payload is the reason */
};

/* message_max bounds a whole message, after inflation too. inflate may be NULL
 * (permessage-deflate was not negotiated: RSV1 is then a protocol error); it is
 * taken over and freed with the decoder. */
struct ws_decoder *ws_decoder_new(size_t message_max, struct ws_inflate *inflate);
void ws_decoder_free(struct ws_decoder **decoder);

/* Takes from the front of *bytes (moving it on) until an event is complete
 * (OK) or the bytes are used up (ERR_MORE). Any other return ends the
 * connection with *close_code: ERR_PARSE 1002 (unmasked, RSV, opcodes, control
 * frames fragmented or over 125 bytes, bad close payload) or 1007 (UTF-8, checked as the
 * bytes come; a bad deflate stream), ERR_TOO_LARGE 1009; the decoder is then of no more use. Client frames must be masked (section 5.1). */
enum err ws_decode(struct ws_decoder *decoder, char **bytes, size_t *size, struct ws_event *event,
                   unsigned *close_code);
size_t ws_decoder_buffered(const struct ws_decoder *decoder);

/* Server-to-client header (unmasked, FIN). Returns its 2–10 bytes. */
size_t ws_header_write(char out[10], enum ws_opcode opcode, bool rsv1, uint64_t payload_size);
/* Header and payload appended. */
void ws_frame_append(struct buf *out, enum ws_opcode opcode, struct str payload);
/* A close frame; code 0 or 1005 gives an empty one. The reason is cut to 123 bytes at a character. */
void ws_close_append(struct buf *out, unsigned code, struct str reason);

#endif
