/* assets_table.h: what tools/embed generates and assets.c looks things up in. */
#ifndef IM_HTTP_ASSETS_TABLE_H
#define IM_HTTP_ASSETS_TABLE_H

#include "http/assets.h"

extern const struct asset assets_table[]; /* by path, in the order of its bytes */
extern const size_t assets_count;

#endif
