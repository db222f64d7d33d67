/* link.h: whether a text holds what looks like the address of a page
 * (docs/PROTOCOL.md, "v2: searching"): http:// or https:// and something
 * behind it, or a name that ends in one of the domains known here and is not
 * a mail address's. Generous rather than strict: whoever shows links finds
 * them by rules of his own. */
#ifndef IM_SEARCH_LINK_H
#define IM_SEARCH_LINK_H

#include "util/str.h"

/* Any bytes. One pass. */
bool link_in(struct str text);

/* Whether it counts as one with a link: its type is text or link, and its content has one. */
bool link_shown(int64_t type, struct str content);

#endif
