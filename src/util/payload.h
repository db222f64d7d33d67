/* payload.h: immutable bytes shared by many outboxes of one loop.
 * The count is not atomic: a payload may be made on any thread, but from
 * the moment it is handed to a loop only that loop touches it. Each loop
 * of a fan-out therefore builds its own, which costs less than contended
 * counters do. */
#ifndef IM_UTIL_PAYLOAD_H
#define IM_UTIL_PAYLOAD_H

#include "util/buf.h"

struct payload {
    uint32_t refs;
    uint32_t size;
    char bytes[];
};

/* One reference, size bytes to be filled by the caller before sharing. */
struct payload *payload_new(size_t size);
struct payload *payload_from(struct str bytes);
static inline struct payload *payload_ref(struct payload *payload)
{
    payload->refs++;
    return payload;
}
void payload_unref(struct payload **payload); /* Clears the pointer. */

#endif
