/* s3.h: a bucket of any S3-compatible store, as a file_store.h.
 * A name is an object. Objects have no type of their own that a browser would
 * show: what it may make of one is in the address that it is given. */
#ifndef IM_MEDIA_S3_H
#define IM_MEDIA_S3_H

#include "media/file_store.h"
#include "media/s3_http.h"

/* options' texts are borrowed for its life. ERR_ARG: error says which of them won't do. Nothing is asked of the bucket
 * yet. Free it with v->free. */
enum err s3_new(const struct s3_options *options, struct file_store **out, struct buf *error);

#endif
