/* map.c: linear probing at no more than three quarters full.
 * A removal moves the following entries back into the hole where their
 * probe may pass, so a table that sees much coming and going stays fast. */
#include "util/map.h"

#include "util/mem.h"

#include <assert.h>
#include <stdlib.h>

#define CAPACITY_MIN 8

void map_release(struct map *map)
{
    free(map->slots);
    *map = (struct map){ 0 };
}

static size_t home_of(const struct map *map, uint64_t key)
{
    return (size_t)hash_u64(key) & (map->capacity - 1);
}

/* The slot that holds key, or the empty one where it would stand. */
static struct map_slot *slot_find(const struct map *map, uint64_t key)
{
    size_t at = home_of(map, key);
    while (map->slots[at].key != 0 && map->slots[at].key != key)
        at = (at + 1) & (map->capacity - 1);
    return &map->slots[at];
}

static void grow(struct map *map)
{
    struct map old = *map;
    map->capacity = old.capacity == 0 ? CAPACITY_MIN : old.capacity * 2;
    map->slots = mem_zalloc(map->capacity * sizeof(*map->slots));
    for (size_t i = 0; i < old.capacity; i++) {
        if (old.slots[i].key != 0)
            *slot_find(map, old.slots[i].key) = old.slots[i];
    }
    free(old.slots);
}

void *map_get(const struct map *map, uint64_t key)
{
    assert(key != 0);
    return map->count == 0 ? NULL : slot_find(map, key)->value;
}

void *map_put(struct map *map, uint64_t key, void *value)
{
    assert(key != 0 && value != NULL);
    if ((map->count + 1) * 4 > map->capacity * 3)
        grow(map);
    struct map_slot *slot = slot_find(map, key);
    void *before = slot->value;
    if (slot->key == 0)
        map->count++;
    *slot = (struct map_slot){ key, value };
    return before;
}

void *map_remove(struct map *map, uint64_t key)
{
    assert(key != 0);
    if (map->count == 0)
        return NULL;
    struct map_slot *slot = slot_find(map, key);
    if (slot->key == 0)
        return NULL;
    void *value = slot->value;
    size_t mask = map->capacity - 1;
    size_t hole = (size_t)(slot - map->slots);
    for (size_t at = (hole + 1) & mask; map->slots[at].key != 0; at = (at + 1) & mask) {
        /* An entry may move back unless its home lies behind the hole. */
        size_t home = home_of(map, map->slots[at].key);
        if (((at - home) & mask) >= ((at - hole) & mask)) {
            map->slots[hole] = map->slots[at];
            hole = at;
        }
    }
    map->slots[hole] = (struct map_slot){ 0 };
    map->count--;
    return value;
}

bool map_next(const struct map *map, size_t *cursor, uint64_t *key, void **value)
{
    while (*cursor < map->capacity) {
        const struct map_slot *slot = &map->slots[(*cursor)++];
        if (slot->key != 0) {
            *key = slot->key;
            *value = slot->value;
            return true;
        }
    }
    return false;
}
