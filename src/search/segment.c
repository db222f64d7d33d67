/* segment.c: two hash tables over the same tokens.
 * One by the whole token, for what is written and for pairs; one by its first
 * characters, so that looking for a beginning visits few that do not fit. */
#include "search/segment.h"

#include "search/leaf.h"
#include "search/link.h"
#include "search/tokenize.h"
#include "util/mem.h"

#include <assert.h>
#include <endian.h>
#include <stdlib.h>

#define SEGMENT_BUCKETS ((size_t)1 << 16)
#define BEGINNING ((size_t)3) /* bytes: three letters, or a Chinese character */
#define DOCS_FIRST 2
#define AHEAD ((size_t)16)

static_assert(TOKEN_SIZE_MAX <= TERMS_KEY_SIZE_MAX && SEGMENT_CHAT_TOKEN_SIZE <= TERMS_KEY_SIZE_MAX, "tokens fit");
static_assert(sizeof(struct segment_token) == 64, "a token is a line of the cache");
static_assert(SEGMENT_DOCS < SEGMENT_NO_CHAT, "numbers of chats fit");

void segment_chat_token(int64_t chat, char out[SEGMENT_CHAT_TOKEN_SIZE])
{
    out[0] = 1;
    for (int i = 0; i < 8; i++)
        out[1 + i] = (char)((uint64_t)chat >> (56 - 8 * i) & 0xff);
}

uint8_t segment_type(int64_t type)
{
    return (uint8_t)(type & 0xff);
}

void segment_init(struct segment *segment)
{
    *segment = (struct segment){
        .alike = mem_zalloc(SEGMENT_BUCKETS * sizeof(struct segment_token *)),
        .begun = mem_zalloc(SEGMENT_BUCKETS * sizeof(struct segment_token *)),
        .chats = mem_alloc(SEGMENT_DOCS * sizeof(int64_t)),
        .chat_of = mem_alloc(SEGMENT_DOCS * sizeof(uint16_t)),
        .sender_of = mem_alloc(SEGMENT_DOCS * sizeof(uint32_t)),
        .type_of = mem_alloc(SEGMENT_DOCS * sizeof(uint8_t)),
    };
    segment_clear(segment);
}

void segment_release(struct segment *segment)
{
    free(segment->alike);
    free(segment->begun);
    free(segment->chats);
    free(segment->chat_of);
    free(segment->sender_of);
    free(segment->type_of);
    map_release(&segment->chat_numbers);
    arena_release(&segment->arena);
    *segment = (struct segment){ 0 };
}

void segment_clear(struct segment *segment)
{
    memset(segment->alike, 0, SEGMENT_BUCKETS * sizeof(*segment->alike));
    memset(segment->begun, 0, SEGMENT_BUCKETS * sizeof(*segment->begun));
    memset(segment->chat_of, 0xff, SEGMENT_DOCS * sizeof(*segment->chat_of));
    memset(segment->sender_of, 0, SEGMENT_DOCS * sizeof(*segment->sender_of));
    memset(segment->type_of, 0, SEGMENT_DOCS * sizeof(*segment->type_of));
    map_release(&segment->chat_numbers);
    arena_release(&segment->arena);
    segment->first = segment->last = 0;
    segment->begin_ms = INT64_MAX;
    segment->end_ms = INT64_MIN;
    segment->indexed = segment->postings = segment->token_count = segment->chat_count = 0;
}

bool segment_full(const struct segment *segment, int64_t id)
{
    return segment->first != 0 && (id - segment->first >= SEGMENT_DOCS || segment->postings >= SEGMENT_POSTINGS_MAX ||
                                   segment->token_count >= SEGMENT_TOKENS_MAX);
}

static uint64_t hash_of(struct str bytes)
{
    return hash_bytes(bytes.ptr, bytes.size);
}

static uint16_t check_of(uint64_t hash)
{
    return (uint16_t)(hash >> 48);
}

static struct str beginning_of(struct str token)
{
    return (struct str){ token.ptr, token.size < BEGINNING ? token.size : BEGINNING };
}

/* Of three bytes at most: they are a number. */
static size_t begun_bucket(struct str text)
{
    uint64_t number = 0;
    struct str beginning = beginning_of(text);
    for (size_t i = 0; i < beginning.size; i++)
        number = number << 8 | (unsigned char)beginning.ptr[i];
    return hash_u64(number << 8 | beginning.size) % SEGMENT_BUCKETS;
}

static struct segment_token *token_find(const struct segment *segment, struct str text, uint64_t hash)
{
    struct segment_token *token = segment->alike[hash % SEGMENT_BUCKETS];
    uint16_t check = check_of(hash);
    while (token != NULL &&
           (token->check != check || token->size != text.size || memcmp(token->text, text.ptr, text.size) != 0))
        token = token->next_alike;
    return token;
}

static struct segment_token *token_put(struct segment *segment, struct str text, uint64_t hash)
{
    size_t bucket = hash % SEGMENT_BUCKETS;
    struct segment_token *token = token_find(segment, text, hash);
    if (token != NULL)
        return token;
    size_t beginning = begun_bucket(text);
    token = arena_alloc(&segment->arena, sizeof(*token));
    *token = (struct segment_token){ .next_alike = segment->alike[bucket],
                                     .next_begun = segment->begun[beginning],
                                     .size = (uint16_t)text.size,
                                     .check = check_of(hash) };
    memcpy(token->text, text.ptr, text.size);
    segment->alike[bucket] = token;
    segment->begun[beginning] = token;
    segment->token_count++;
    return token;
}

/* Where number is or belongs. */
static size_t docs_position(const struct segment_token *token, uint16_t number)
{
    size_t low = 0;
    size_t high = token->count;
    if (high > 0 && token->docs[high - 1] < number)
        return high; /* nearly always: ids ascend */
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (token->docs[middle] < number)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static void docs_grow(struct segment *segment, struct segment_token *token)
{
    size_t capacity = token->capacity == 0 ? DOCS_FIRST : (size_t)token->capacity * 2;
    uint16_t *docs = arena_alloc(&segment->arena, capacity * sizeof(*docs));
    if (token->count > 0)
        memcpy(docs, token->docs, token->count * sizeof(*docs));
    token->docs = docs;
    token->capacity = (uint16_t)capacity;
}

struct taking {
    struct arena *arena;
    struct segment_message *message;
    size_t capacity;
};

static void token_take(void *context, struct str text)
{
    struct taking *taking = context;
    struct segment_message *message = taking->message;
    if (message->token_count == taking->capacity) {
        size_t capacity = taking->capacity == 0 ? 64 : taking->capacity * 2;
        struct str *tokens = arena_alloc(taking->arena, capacity * sizeof(*tokens));
        if (message->token_count > 0)
            memcpy(tokens, message->tokens, message->token_count * sizeof(*tokens));
        message->tokens = tokens;
        taking->capacity = capacity;
    }
    message->tokens[message->token_count++] = arena_str(taking->arena, text);
}

void segment_message_tokens(struct segment_message *message, struct str content, struct arena *arena)
{
    char chat[SEGMENT_CHAT_TOKEN_SIZE];
    struct taking taking = { arena, message, 0 };
    struct buf scratch = { 0 };
    segment_chat_token(message->chat, chat);
    token_take(&taking, (struct str){ chat, sizeof(chat) });
    tokenize(content, &scratch, token_take, &taking);
    if (link_shown(message->type, content))
        token_take(&taking, SEGMENT_LINK_TOKEN);
    buf_release(&scratch);
}

static void token_add(struct segment *segment, struct str text, uint64_t hash, uint16_t number)
{
    struct segment_token *token = token_put(segment, text, hash);
    size_t at = docs_position(token, number);
    if (at < token->count && token->docs[at] == number)
        return; /* the message has it twice */
    if (token->count == token->capacity)
        docs_grow(segment, token);
    memmove(token->docs + at + 1, token->docs + at, (token->count - at) * sizeof(*token->docs));
    token->docs[at] = number;
    token->count++;
    segment->postings++;
}

static uint16_t chat_number(struct segment *segment, int64_t chat)
{
    uintptr_t known = (uintptr_t)map_get(&segment->chat_numbers, (uint64_t)chat);
    if (known != 0)
        return (uint16_t)(known - 1);
    segment->chats[segment->chat_count++] = chat;
    map_put(&segment->chat_numbers, (uint64_t)chat, (void *)(uintptr_t)segment->chat_count);
    return (uint16_t)(segment->chat_count - 1);
}

/* Where they are is fetched from memory for some at once: waiting for each would be most of the work. */
static void tokens_add(struct segment *segment, const struct segment_message *message)
{
    uint16_t number = (uint16_t)(message->id - segment->first);
    uint64_t hashes[AHEAD];
    for (size_t i = 0; i < message->token_count; i += AHEAD) {
        size_t count = message->token_count - i < AHEAD ? message->token_count - i : AHEAD;
        for (size_t j = 0; j < count; j++) {
            hashes[j] = hash_of(message->tokens[i + j]);
            __builtin_prefetch(&segment->alike[hashes[j] % SEGMENT_BUCKETS]);
        }
        for (size_t j = 0; j < count; j++)
            __builtin_prefetch(segment->alike[hashes[j] % SEGMENT_BUCKETS]);
        for (size_t j = 0; j < count; j++)
            token_add(segment, message->tokens[i + j], hashes[j], number);
    }
    segment->indexed++;
}

void segment_add(struct segment *segment, const struct segment_message *message)
{
    assert(message->id > segment->last && !segment_full(segment, message->id));
    if (segment->first == 0)
        segment->first = message->id;
    segment->last = message->id;
    if (!message->indexed)
        return;
    size_t number = (size_t)(message->id - segment->first);
    segment->chat_of[number] = chat_number(segment, message->chat);
    segment->sender_of[number] = (uint32_t)message->sender;
    segment->type_of[number] = segment_type(message->type);
    if (message->created_ms < segment->begin_ms)
        segment->begin_ms = message->created_ms;
    if (message->created_ms > segment->end_ms)
        segment->end_ms = message->created_ms;
    tokens_add(segment, message);
}

static void token_drop(struct segment *segment, struct segment_token *token, uint16_t number)
{
    size_t at = docs_position(token, number);
    if (at == token->count || token->docs[at] != number)
        return;
    token->count--;
    memmove(token->docs + at, token->docs + at + 1, (token->count - at) * sizeof(*token->docs));
    segment->postings--;
}

void segment_replace(struct segment *segment, const struct segment_message *message)
{
    uint16_t number = (uint16_t)(message->id - segment->first);
    assert(message->id >= segment->first && message->id <= segment->last);
    if (segment->chat_of[number] == SEGMENT_NO_CHAT)
        return; /* was never to be found, and what is gone does not come back */
    for (size_t i = 0; i < SEGMENT_BUCKETS; i++)
        for (struct segment_token *token = segment->alike[i]; token != NULL; token = token->next_alike)
            token_drop(segment, token, number);
    segment->indexed--;
    if (message->indexed)
        tokens_add(segment, message);
    else
        segment->chat_of[number] = SEGMENT_NO_CHAT;
}

static bool begins(const struct segment_token *token, struct str text)
{
    return token->size >= text.size && memcmp(token->text, text.ptr, text.size) == 0;
}

static void docs_take(const struct segment_token *token, struct docs *docs)
{
    for (size_t i = 0; i < token->count; i++)
        docs_add(docs, token->docs[i]);
}

void segment_find(const struct segment *segment, const struct term_key *key, struct docs *docs)
{
    if (!key->prefix) {
        const struct segment_token *token = token_find(segment, key->text, hash_of(key->text));
        if (token != NULL)
            docs_take(token, docs);
        return;
    }
    /* A short beginning may begin in any bucket. */
    bool whole = key->text.size < BEGINNING;
    size_t bucket = whole ? 0 : begun_bucket(key->text);
    size_t end = whole ? SEGMENT_BUCKETS : bucket + 1;
    for (; bucket < end; bucket++)
        for (const struct segment_token *token = segment->begun[bucket]; token != NULL; token = token->next_begun)
            if (begins(token, key->text))
                docs_take(token, docs);
}

/* A token and its first eight bytes as a number, which settle most comparisons without a look at it. */
struct ranked {
    uint64_t rank;
    struct segment_token *token;
};

static uint64_t rank_of(const struct segment_token *token)
{
    unsigned char bytes[sizeof(uint64_t)] = { 0 };
    uint64_t rank;
    memcpy(bytes, token->text, token->size < sizeof(bytes) ? token->size : sizeof(bytes));
    memcpy(&rank, bytes, sizeof(rank));
    return be64toh(rank);
}

static int ranked_compare(const void *a, const void *b)
{
    const struct ranked *one = a;
    const struct ranked *other = b;
    if (one->rank != other->rank)
        return one->rank < other->rank ? -1 : 1;
    return leaf_compare((struct str){ one->token->text, one->token->size },
                        (struct str){ other->token->text, other->token->size });
}

struct segment_token **segment_sorted(const struct segment *segment, struct arena *arena)
{
    struct ranked *ranked = arena_alloc(arena, (segment->token_count + 1) * sizeof(*ranked));
    struct segment_token **tokens = arena_alloc(arena, (segment->token_count + 1) * sizeof(*tokens));
    size_t count = 0;
    for (size_t i = 0; i < SEGMENT_BUCKETS; i++)
        for (struct segment_token *token = segment->alike[i]; token != NULL; token = token->next_alike)
            ranked[count++] = (struct ranked){ rank_of(token), token };
    assert(count == segment->token_count);
    qsort(ranked, count, sizeof(*ranked), ranked_compare);
    for (size_t i = 0; i < count; i++)
        tokens[i] = ranked[i].token;
    return tokens;
}
