/* frame.h: a text frame around what is appended between the two calls. */
#ifndef IM_LIVE_FRAME_H
#define IM_LIVE_FRAME_H

#include "util/buf.h"

/* Leaves room for a header; frame_end fills it in. */
size_t frame_begin(struct buf *out);
void frame_end(struct buf *out, size_t start);

#endif
