/* people.c: addresses in memory, since every message names two. */
#include "legacy/people.h"

#include "store/user.h"

#include <inttypes.h>
#include <stdio.h>

struct entry {
    struct person person;
    struct str key;     /* lower case */
    struct entry *next; /* of the same hash */
};

void people_release(struct people *people)
{
    map_release(&people->by_address);
    arena_release(&people->arena);
}

static struct str lowered(struct arena *arena, struct str email)
{
    char *text = arena_alloc(arena, email.size + 1);
    for (size_t i = 0; i < email.size; i++)
        text[i] = (char)(email.ptr[i] >= 'A' && email.ptr[i] <= 'Z' ? email.ptr[i] + ('a' - 'A') : email.ptr[i]);
    text[email.size] = '\0';
    return (struct str){ text, email.size };
}

static struct person *find(const struct people *people, struct str key)
{
    for (struct entry *entry = map_get(&people->by_address, hash_bytes(key.ptr, key.size)); entry != NULL;
         entry = entry->next)
        if (str_equal(entry->key, key))
            return &entry->person;
    return NULL;
}

/* Where the store remembers whose messages a deleted account has. FNV-1a, since it has to be the same in every run. */
static void author_key(struct str key, char name[40])
{
    uint64_t hash = UINT64_C(14695981039346656037);
    for (size_t i = 0; i < key.size; i++)
        hash = (hash ^ (unsigned char)key.ptr[i]) * UINT64_C(1099511628211);
    snprintf(name, 40, "legacy.author.%016" PRIx64, hash);
}

struct person *people_find(struct people *people, struct str email)
{
    char name[40];
    int64_t id;
    struct arena scratch = { 0 };
    struct str key = lowered(&scratch, email);
    struct person *found = find(people, key);
    author_key(key, name);
    if (found == NULL && user_id_by_email(people->db, &scratch, email, &id) == OK)
        found = people_put(people, email, id, true);
    else if (found == NULL && meta_get_i64(people->db, name, &id) == OK)
        found = people_put(people, email, id, false);
    arena_release(&scratch);
    return found;
}

struct person *people_put(struct people *people, struct str email, int64_t id, bool alive)
{
    struct entry *entry = arena_zalloc(&people->arena, sizeof(*entry));
    entry->key = lowered(&people->arena, email);
    entry->person = (struct person){ .id = id, .alive = alive };
    entry->next = map_put(&people->by_address, hash_bytes(entry->key.ptr, entry->key.size), entry);
    return &entry->person;
}

enum err people_author(struct people *people, struct str email, int64_t now_ms, struct person **out, bool *made)
{
    char name[40];
    int64_t id;
    *made = false;
    *out = people_find(people, email);
    if (*out != NULL)
        return OK;
    enum err err = user_insert(people->db, email, STR_NONE, STR_NONE, STR(""), now_ms, &id);
    if (err == OK)
        err = user_delete(people->db, id, now_ms);
    if (err != OK)
        return err;
    *out = people_put(people, email, id, false);
    author_key(((const struct entry *)*out)->key, name);
    *made = true;
    return meta_put_i64(people->db, name, id);
}
