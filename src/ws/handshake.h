/* handshake.h: RFC 6455 section 4.2, the server's side. */
#ifndef IM_WS_HANDSHAKE_H
#define IM_WS_HANDSHAKE_H

#include "http/parser.h"

/* What the client offers of permessage-deflate (RFC 7692) that we take: the
 * first of its offers that we can keep to. One that asks for a smaller window than
 * our shared compressed frames use is passed over. */
struct ws_deflate_offer {
    bool wanted;
    int client_window_bits; /* 0: not mentioned; 15 without a value */
    int server_window_bits; /* 0: not mentioned; else 15 */
};

/* OK: Sec-WebSocket-Accept is appended to accept (28 bytes). ERR_PARSE: no
 * valid key (16 bytes of base64), no upgrade, a body, or a malformed extension list: 400. ERR_ARG: a version
 * other than 13, or none: 426 with Sec-WebSocket-Version: 13. ERR_CRYPTO: no SHA-1 here: 500. */
enum err ws_handshake_check(const struct http_request *request, struct buf *accept, struct ws_deflate_offer *offer);

/* The whole 101 reply; extra_headers (complete lines, CRLF-ended) is inserted as is. deflate: the extension is
 * accepted, with server_no_context_takeover and client_no_context_takeover. */
void ws_handshake_reply(struct buf *out, struct str accept, const struct ws_deflate_offer *deflate,
                        struct str extra_headers);

#endif
