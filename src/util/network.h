/* network.h: lists of networks, such as "10.0.0.0/8, fd00::/8, 192.0.2.7".
 * Each is an IPv4 or IPv6 address, alone or with the length of its prefix
 * (CIDR, RFC 4632 3.1; RFC 4291 2.3), with commas and blanks between. */
#ifndef IM_UTIL_NETWORK_H
#define IM_UTIL_NETWORK_H

#include "util/str.h"

/* Every part of the list is a network; an empty list is one. */
bool network_list_valid(struct str list);
/* Whether the address, as text, is in one of them. ::ffff:a.b.c.d counts as a.b.c.d (RFC 4291 2.5.5.2). */
bool network_list_has(struct str list, const char *address);

#endif
