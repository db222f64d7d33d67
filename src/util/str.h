/* str.h: a borrowed slice of bytes, and the few questions asked of it.
 * A slice never owns; it is valid as long as what it points into. Text is
 * UTF-8 unless said otherwise and may hold NUL bytes. */
#ifndef IM_UTIL_STR_H
#define IM_UTIL_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#ifdef __cplusplus
extern "C" {
#endif

struct str {
    const char *ptr;
    size_t size; /* bytes */
};

#define STR(literal) ((struct str){ (literal), sizeof(literal) - 1 })
#define STR_NONE ((struct str){ NULL, 0 })

static inline struct str str_from(const char *zero_terminated)
{
    return (struct str){ zero_terminated, zero_terminated == NULL ? 0 : strlen(zero_terminated) };
}

static inline bool str_equal(struct str a, struct str b)
{
    return a.size == b.size && (a.size == 0 || memcmp(a.ptr, b.ptr, a.size) == 0);
}

/* ASCII letters compare without regard to case, as HTTP's do. */
bool str_equal_nocase(struct str a, struct str b);

/* Without leading and trailing blanks and tabs. */
struct str str_trim(struct str text);

/* A whole decimal integer with optional '-', nothing around it.
 * false when it is empty, has other bytes, or does not fit. */
bool str_to_i64(struct str text, int64_t *value);

#ifdef __cplusplus
}
#endif

#endif
