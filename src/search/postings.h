/* postings.h: the messages of a token, packed: distances between ascending numbers, seven bits a byte. Pure. */
#ifndef IM_SEARCH_POSTINGS_H
#define IM_SEARCH_POSTINGS_H

#include "search/docs.h"
#include "util/buf.h"

void postings_pack(const uint16_t *numbers, size_t count, struct buf *out); /* appends */
void postings_pack_docs(const struct docs *docs, struct buf *out);
/* Added to *docs. false: these are no postings. */
bool postings_unpack(struct str bytes, struct docs *docs);

#endif
