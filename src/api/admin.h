/* admin.h: what an operator asks for from the shell.
 * One JSON object is a request, {"do":"user.list",…}; one is the answer,
 * {"code":0,"rows":[[…],…]} or {"code":1,"msg":"…"}. The same commands serve
 * the admin socket of a running server and the store opened by the shell
 * command itself. Passwords come as hashes: nothing slow runs here. */
#ifndef IM_API_ADMIN_H
#define IM_API_ADMIN_H

#include "chat/core.h"
#include "util/json.h"

#define ADMIN_REQUEST_MAX ((size_t)64 * 1024)
#define ADMIN_ROWS_MAX ((size_t)500) /* of one answer; a list is asked for again from the last id on */

/* Submits the request to the core; done is called with the answer, on loop's
 * thread or, when loop is NULL, on the writer's. ERR_PARSE, ERR_FULL: it is not called. */
enum err admin_request(struct core *core, struct loop *loop, struct json_parser *parser, struct str request,
                       void (*done)(void *context, struct str answer), void *context);

#endif
