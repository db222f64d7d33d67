/* ws_echo.h: `im_service ws-echo`, for conformance suites: every message comes
 * back, through the same listener, HTTP, handshake and framing as /chat. */
#ifndef IM_CLI_WS_ECHO_H
#define IM_CLI_WS_ECHO_H

int ws_echo_main(int argc, char **argv);

#endif
