/* upload.h: POST /file/upload, from a connection to the disk. */
#ifndef IM_API_UPLOAD_H
#define IM_API_UPLOAD_H

#include "api/call.h"

/* Takes the body of an upload; replies when it is stored, or can't be. */
struct http_stream *upload_begin(struct shard *shard, struct http_conn *conn, const struct http_request *request);

#endif
