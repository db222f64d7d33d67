/* find.c: candidates, newest first: what the index has not seen yet, the
 * segment in memory, then the finished ones, one after the other.
 * In a segment all tokens of the query are looked up and their messages
 * intersected; a chat is a token too, so that a small chat costs nothing where
 * it has said nothing. Then what is known of every message (chat, sender,
 * type) takes out what the caller would have to reject. */
#include "search/search_private.h"

#include "os/clock.h"
#include "util/mem.h"

#include <assert.h>
#include <stdlib.h>

#define UNSEEN_MAX 256 /* messages past the index that are looked at all the same */

struct search_run {
    struct search *search;
    struct arena *arena;
    struct search_filter filter;
    struct term_keys keys; /* the chat's token first, if there is one, then that of links */
    char chat_token[SEGMENT_CHAT_TOKEN_SIZE];
    struct index *index;  /* NULL: there is no file */
    int64_t tail_reached; /* by the index */
    int64_t reached;      /* by this search */
    int64_t unseen;       /* the next of those past the index; tail_reached: none is left */
    struct docs docs;     /* of the segment that is open: */
    int64_t first;
    int number;    /* candidates from here on were given */
    int64_t below; /* the next segment begins below this */
    size_t looked_at;
    bool damaged;
};

static void keys_take(struct search_run *run)
{
    struct term_keys found;
    terms_keys(run->arena, run->filter.terms, &found);
    run->keys.items = arena_alloc(run->arena, (found.count + 2) * sizeof(*run->keys.items));
    if (run->filter.chat != 0) {
        segment_chat_token(run->filter.chat, run->chat_token);
        run->keys.items[run->keys.count++] = (struct term_key){ { run->chat_token, sizeof(run->chat_token) }, false };
    }
    if (run->filter.links)
        run->keys.items[run->keys.count++] = (struct term_key){ SEGMENT_LINK_TOKEN, false };
    /* Whole tokens first: looking up a beginning costs more. */
    for (int prefix = 0; prefix < 2; prefix++)
        for (size_t i = 0; i < found.count; i++)
            if (found.items[i].prefix == (prefix == 1))
                run->keys.items[run->keys.count++] = found.items[i];
}

static bool needs_columns(const struct search_filter *filter)
{
    return filter->chat == 0 || filter->sender != 0 || filter->type >= 0;
}

static bool needs_senders(const struct search_filter *filter)
{
    return filter->sender != 0 || filter->type >= 0;
}

static bool wanted(const struct search_filter *filter, const struct index_columns *columns, unsigned number)
{
    if (number >= columns->count || columns->chat_of[number] >= columns->chat_count)
        return false;
    int64_t chat = columns->chats[columns->chat_of[number]];
    if (filter->chat != 0 ? chat != filter->chat : map_get(filter->chats, (uint64_t)chat) == NULL)
        return false;
    if (filter->sender != 0 && columns->sender_of[number] != (uint32_t)filter->sender)
        return false;
    return filter->type < 0 || columns->type_of[number] == segment_type(filter->type);
}

static void columns_apply(struct search_run *run, const struct index_columns *columns)
{
    for (int number = SEGMENT_DOCS; (number = docs_last(&run->docs, number)) >= 0;)
        if (!wanted(&run->filter, columns, (unsigned)number))
            docs_remove(&run->docs, (unsigned)number);
}

static bool in_time(const struct search_filter *filter, int64_t begin_ms, int64_t end_ms)
{
    return end_ms >= filter->begin_ms && begin_ms < filter->end_ms;
}

/* Numbers whose id is not below the filter's bound are none. */
static int number_bound(const struct search_run *run, int64_t first)
{
    int64_t bound = run->filter.below - first;
    return bound > SEGMENT_DOCS ? SEGMENT_DOCS : bound < 0 ? 0 : (int)bound;
}

/* ---- the segment in memory ---- */

static void tail_search(struct search_run *run, const struct segment *tail)
{
    struct index_columns columns = {
        .count = SEGMENT_DOCS,
        .chats = tail->chats,
        .chat_count = tail->chat_count,
        .chat_of = tail->chat_of,
        .sender_of = tail->sender_of,
        .type_of = tail->type_of,
    };
    docs_fill(&run->docs);
    run->first = tail->first;
    for (size_t i = 0; i < run->keys.count; i++) {
        struct docs docs = { 0 };
        segment_find(tail, &run->keys.items[i], &docs);
        if (!docs_and(&run->docs, &docs))
            return;
    }
    columns_apply(run, &columns);
    run->number = number_bound(run, tail->first);
}

static void tail_take(struct search_run *run)
{
    struct search *search = run->search;
    pthread_mutex_lock(&search->tail_lock);
    const struct segment *tail = search->tail;
    run->tail_reached = search->reached;
    run->below = INT64_MAX;
    if (tail->first != 0) {
        run->below = tail->first;
        if (tail->first < run->filter.below && in_time(&run->filter, tail->begin_ms, tail->end_ms))
            tail_search(run, tail);
    }
    pthread_mutex_unlock(&search->tail_lock);
}

/* ---- the finished segments ---- */

static enum err segment_search(struct search_run *run, const struct index_segment *segment)
{
    struct index_columns columns;
    struct arena arena = { 0 };
    enum err err = OK;
    docs_fill(&run->docs);
    run->first = segment->first;
    run->number = 0;
    for (size_t i = 0; i < run->keys.count; i++) {
        struct docs docs = { 0 };
        err = index_find(run->index, segment->first, &run->keys.items[i], &docs);
        if (err != OK || !docs_and(&run->docs, &docs))
            return err;
    }
    if (needs_columns(&run->filter)) {
        err = index_columns(run->index, &arena, segment->first, needs_senders(&run->filter), &columns);
        if (err == OK)
            columns_apply(run, &columns);
        arena_release(&arena);
    }
    run->number = number_bound(run, segment->first);
    return err;
}

/* Opens the next segment. *found false: there is none. */
static enum err segment_next(struct search_run *run, bool *found)
{
    struct index_segment segment;
    int64_t below = run->below < run->filter.below ? run->below : run->filter.below;
    *found = false;
    run->number = 0;
    if (run->index == NULL)
        return OK;
    enum err err = index_segment_below(run->index, below, &segment);
    if (err == ERR_NOT_FOUND)
        return OK;
    if (err != OK)
        return err;
    *found = true;
    run->below = segment.first;
    run->looked_at++;
    return in_time(&run->filter, segment.begin_ms, segment.end_ms) ? segment_search(run, &segment) : OK;
}

/* ---- connections ---- */

static enum err reader_take(struct search *search, struct index **out)
{
    *out = NULL;
    pthread_mutex_lock(&search->idle_lock);
    if (search->idle_count > 0)
        *out = search->idle[--search->idle_count];
    pthread_mutex_unlock(&search->idle_lock);
    return *out != NULL ? OK : index_open_reader(search->path, out);
}

static void reader_give(struct search *search, struct index **index)
{
    pthread_mutex_lock(&search->idle_lock);
    if (search->idle_count < SEARCH_READERS_IDLE_MAX) {
        search->idle[search->idle_count++] = *index;
        *index = NULL;
    }
    pthread_mutex_unlock(&search->idle_lock);
    index_close(index);
}

static enum err damage(struct search_run *run, enum err err)
{
    if (err != ERR_PARSE)
        return err;
    run->damaged = true;
    return ERR_STORE;
}

static enum err file_begin(struct search_run *run)
{
    if (!run->search->open)
        return OK;
    enum err err = reader_take(run->search, &run->index);
    return err == OK ? index_begin(run->index) : err;
}

enum err search_begin(struct search *search, struct arena *arena, const struct search_filter *filter,
                      struct search_run **out)
{
    struct search_run *run = arena_zalloc(arena, sizeof(*run));
    run->search = search;
    run->arena = arena;
    run->filter = *filter;
    keys_take(run);
    pthread_rwlock_rdlock(&search->file_lock);
    tail_take(run); /* before the file's snapshot: what is finished meanwhile is found there twice, never not at all */
    run->reached = run->unseen = run->tail_reached;
    if (filter->head > run->tail_reached && filter->head - run->tail_reached <= UNSEEN_MAX)
        run->reached = run->unseen = filter->head;
    enum err err = damage(run, file_begin(run));
    *out = run;
    if (err != OK)
        search_end(out);
    return err;
}

enum err search_next(struct search_run *run, enum search_step *step, int64_t *id)
{
    bool found = true;
    *step = SEARCH_HIT;
    while (run->unseen > run->tail_reached) {
        *id = run->unseen--;
        if (*id < run->filter.below)
            return OK;
    }
    for (;;) {
        run->number = docs_last(&run->docs, run->number);
        if (run->number >= 0) {
            *id = run->first + run->number;
            return OK;
        }
        if (run->looked_at > 0 && clock_mono_us() >= run->filter.deadline_us) {
            *step = SEARCH_PAUSED;
            *id = run->below;
            return OK;
        }
        enum err err = segment_next(run, &found);
        if (err != OK)
            return damage(run, err);
        if (!found) {
            *step = SEARCH_END;
            return OK;
        }
    }
}

int64_t search_reached(const struct search_run *run)
{
    return run->reached;
}

void search_end(struct search_run **run_ptr)
{
    struct search_run *run = *run_ptr;
    if (run == NULL)
        return;
    struct search *search = run->search;
    if (run->index != NULL) {
        index_end(run->index);
        reader_give(search, &run->index);
    }
    pthread_rwlock_unlock(&search->file_lock);
    if (run->damaged) {
        atomic_store(&search->damaged, true);
        search_wake(search);
    }
    *run_ptr = NULL;
}
