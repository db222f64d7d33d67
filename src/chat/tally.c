/* tally.c: groups with news of readers, in the order in which they came. */
#include "chat/tally.h"

#include "chat/cmd.h"
#include "chat/update.h"
#include "store/personal.h"
#include "util/map.h"
#include "util/mem.h"

#include <stdatomic.h>
#include <stdlib.h>

#define GROUPS_MAX ((size_t)100000)
#define TELL_MAX 32 /* groups a tick: counting a large one takes a millisecond */

struct entry {
    struct entry *next;
    int64_t group;
    int64_t seq;  /* the greatest mark that moved since it was last told; 0: none */
    int64_t told; /* the same, while it is being told */
};

struct tally {
    struct map entries; /* group → struct entry */
    struct entry *first;
    struct entry *last;
    size_t telling; /* so many of the first ones */
    _Atomic size_t waiting;
};

struct tally *tally_new(void)
{
    return mem_zalloc(sizeof(struct tally));
}

void tally_free(struct tally **tally)
{
    if (*tally == NULL)
        return;
    for (struct entry *entry = (*tally)->first, *next; entry != NULL; entry = next) {
        next = entry->next;
        free(entry);
    }
    map_release(&(*tally)->entries);
    free(*tally);
    *tally = NULL;
}

static void entry_append(struct tally *tally, struct entry *entry)
{
    entry->next = NULL;
    if (tally->last == NULL)
        tally->first = entry;
    else
        tally->last->next = entry;
    tally->last = entry;
}

void tally_add(struct tally *tally, int64_t group, int64_t seq)
{
    struct entry *entry = map_get(&tally->entries, (uint64_t)group);
    if (entry == NULL) {
        if (tally->entries.count >= GROUPS_MAX)
            return;
        entry = mem_zalloc(sizeof(*entry));
        entry->group = group;
        map_put(&tally->entries, (uint64_t)group, entry);
        entry_append(tally, entry);
        atomic_store(&tally->waiting, tally->entries.count);
    }
    entry->seq = seq > entry->seq ? seq : entry->seq;
}

bool tally_waiting(const struct tally *tally)
{
    return atomic_load(&tally->waiting) > 0;
}

/* Its sender is no reader of a message. */
static enum err group_tell(struct core_tx *tx, const struct entry *entry)
{
    int64_t sender = 0;
    int64_t count = 0;
    struct actor nobody = { 0, STR_NONE };
    struct chat_ref ref = { .chat = entry->group, .dst = arena_format(tx->arena, "%lld", (long long)entry->group) };
    enum err err = message_sender(tx->db, entry->group, entry->told, &sender);
    if (err == OK || err == ERR_NOT_FOUND)
        err = member_readers_count(tx->db, entry->group, entry->told, sender, &count);
    if (err == OK)
        update_add(tx, &nobody, &ref, CMD_READ, EVENT_TO_CHAT,
                   arena_format(tx->arena, "\"seq\":%lld,\"count\":%lld", (long long)entry->told, (long long)count));
    return err;
}

/* From here on `seq` is about those who are not counted yet: also who moves to the same mark. `told` is there still
 * where the batch was lost and runs again. */
static void entry_take(struct entry *entry)
{
    entry->told = entry->seq > entry->told ? entry->seq : entry->told;
    entry->seq = 0;
}

enum err tally_tell(struct tally *tally, struct core_tx *tx)
{
    enum err err = OK;
    struct entry *entry = tally->first;
    for (tally->telling = 0; err == OK && entry != NULL && tally->telling < TELL_MAX; entry = entry->next) {
        entry_take(entry);
        tally->telling++;
        err = group_tell(tx, entry);
    }
    return err;
}

static void entry_put_back(struct entry *entry)
{
    entry->seq = entry->told > entry->seq ? entry->told : entry->seq;
    entry->told = 0;
}

/* Whose readers were told goes, or waits for its next turn where others have read meanwhile. */
static void first_told(struct tally *tally)
{
    struct entry *entry = tally->first;
    tally->first = entry->next;
    if (tally->first == NULL)
        tally->last = NULL;
    entry->told = 0;
    if (entry->seq > 0) {
        entry_append(tally, entry);
        return;
    }
    map_remove(&tally->entries, (uint64_t)entry->group);
    free(entry);
}

void tally_told(struct tally *tally, bool committed)
{
    struct entry *entry = tally->first;
    for (size_t i = 0; !committed && i < tally->telling; i++, entry = entry->next)
        entry_put_back(entry);
    for (size_t i = 0; committed && i < tally->telling; i++)
        first_told(tally);
    tally->telling = 0;
    atomic_store(&tally->waiting, tally->entries.count);
}
