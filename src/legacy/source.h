/* source.h: the original server's MySQL database, read row by row.
 * Everything is read in one snapshot, so that reading it twice gives the same
 * rows twice. Text arrives as UTF-8 whatever charset a column has. */
#ifndef IM_LEGACY_SOURCE_H
#define IM_LEGACY_SOURCE_H

#include "util/err.h"
#include "util/str.h"

#include <stddef.h>

#define SOURCE_FIELDS_MAX 8

struct source;

/* url: mysql://USER:PASSWORD@HOST[:PORT]/DATABASE, percent-encoded where it must be.
 * ERR_ARG: it is no such URL. ERR_IO: the server can't be reached or used. Why: source_why, also of a failed opening;
 * *out is to be closed in any case. */
enum err source_open(const char *url, struct source **out);
void source_close(struct source **source);
const char *source_why(const struct source *source);

/* Begins to read the rows of a SELECT of at most SOURCE_FIELDS_MAX columns; one at a time. */
enum err source_begin(struct source *source, const char *statement);
/* fields: one for each column, ptr NULL for NULL, valid until the next row. false: there is no further one, or
 * reading failed, which source_end tells. */
bool source_next(struct source *source, struct str *fields);
enum err source_end(struct source *source);

#endif
