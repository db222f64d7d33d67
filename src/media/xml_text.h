/* xml_text.h: the little of XML that a bucket's answers need. Pure. */
#ifndef IM_MEDIA_XML_TEXT_H
#define IM_MEDIA_XML_TEXT_H

#include "util/buf.h"

/* Text as it stands between tags. */
void xml_text_append(struct buf *out, struct str text);
/* What stands in the next element of that name, up to the first tag, as it is written; *rest goes on behind it. The
 * names and ids that are read this way need no decoding. False: there is no more. */
bool xml_text_next(struct str *rest, struct str name, struct str *text);

#endif
