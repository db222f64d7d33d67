/* part.h: PUT /file/part, a part of a file that comes in parts. */
#ifndef IM_API_PART_H
#define IM_API_PART_H

#include "api/call.h"

/* Takes the body; replies when it is on disk and counts, or can't be. */
struct http_stream *part_begin(struct shard *shard, struct http_conn *conn, const struct http_request *request);
/* The call without a body. */
void part_empty_run(struct call *call, struct reader *reader);

/* The caller's upload of that fid, and which parts of it are there. ERR_NOT_FOUND: none, another's, or expired. */
struct upload;
struct parts;
enum err part_find(struct call *call, struct db *db, struct str fid, int64_t now_ms, struct upload *row,
                   struct parts *parts);

#endif
