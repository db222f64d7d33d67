/* map.h: an open-addressing hash map from a non-zero u64 key to a pointer.
 * Grows by itself; removal leaves no tombstones (backward shift). Not
 * thread-safe. A zeroed struct map is valid and empty. */
#ifndef IM_UTIL_MAP_H
#define IM_UTIL_MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct map_slot {
    uint64_t key; /* 0: empty */
    void *value;
};
struct map {
    struct map_slot *slots;
    size_t capacity; /* 0 or a power of two */
    size_t count;
};

void map_release(struct map *map); /* Frees the table, not the values. */
void *map_get(const struct map *map, uint64_t key); /* NULL when absent */
/* Inserts or replaces; the old value or NULL is returned. value is not NULL. */
void *map_put(struct map *map, uint64_t key, void *value);
void *map_remove(struct map *map, uint64_t key); /* the value or NULL */
/* Iterates in table order: start with *cursor = 0; false at the end. The map
 * must not change meanwhile. */
bool map_next(const struct map *map, size_t *cursor, uint64_t *key, void **value);

/* A good 64-bit mix of bytes, for keys made of text; never 0. Seeded once per
 * process by hash_seed (HashDoS). */
uint64_t hash_bytes(const void *bytes, size_t size);
uint64_t hash_u64(uint64_t value);
void hash_seed(uint64_t seed);

#endif
