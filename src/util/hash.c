/* hash.c: hashes that a stranger cannot steer.
 * Text comes from strangers, and a 64-bit hash of it is a key by itself, so
 * it is SipHash under the process's seed. Ids are ours: a mix is enough. */
#include "util/map.h"

#include <sodium.h>
#include <string.h>

static uint64_t seed = 0x9e3779b97f4a7c15u;
static unsigned char text_key[crypto_shorthash_KEYBYTES] = { 0x69, 0x6d };

void hash_seed(uint64_t value)
{
    seed = value;
    uint64_t halves[2] = { hash_u64(1), hash_u64(2) };
    _Static_assert(sizeof(halves) == sizeof(text_key), "one key from two words");
    memcpy(text_key, halves, sizeof(text_key));
}

uint64_t hash_bytes(const void *bytes, size_t size)
{
    unsigned char out[crypto_shorthash_BYTES];
    crypto_shorthash(out, bytes, size, text_key);
    uint64_t hash;
    memcpy(&hash, out, sizeof(hash));
    return hash == 0 ? 1 : hash;
}

/* The finalizer of SplitMix64 (Steele, Lea, Flood 2014) on the seeded value. */
uint64_t hash_u64(uint64_t value)
{
    value += seed;
    value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9u;
    value = (value ^ (value >> 27)) * 0x94d049bb133111ebu;
    return value ^ (value >> 31);
}
