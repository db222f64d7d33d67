/* people.h: who an address of the original is in the store. */
#ifndef IM_LEGACY_PEOPLE_H
#define IM_LEGACY_PEOPLE_H

#include "store/db.h"
#include "util/map.h"

struct person {
    int64_t id;
    bool alive; /* an account; else only the author of messages */
    bool read;  /* a row of the original's was this one, in this run */
};

struct people {
    struct db *db;
    struct arena arena; /* lives as long as the people */
    struct map by_address;
};

void people_release(struct people *people);
/* NULL: nobody of the store has that address, without regard to case. */
struct person *people_find(struct people *people, struct str email);
struct person *people_put(struct people *people, struct str email, int64_t id, bool alive);
/* The same; where there is nobody a deleted account is made, which messages can belong to, and the store remembers for
 * which address. *made: that was so. */
enum err people_author(struct people *people, struct str email, int64_t now_ms, struct person **out, bool *made);

#endif
