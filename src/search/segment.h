/* segment.h: the index of a stretch of messages, in memory.
 * A segment spans at most SEGMENT_DOCS ids from its first one on; a message's
 * number in it is its id less that. It knows the messages that have a token,
 * and of every message its chat, sender and type. The newest segment grows
 * here; once it is full it goes into search.db (search/index.h), sorted, and
 * the next one begins. Not thread-safe. */
#ifndef IM_SEARCH_SEGMENT_H
#define IM_SEARCH_SEGMENT_H

#include "search/docs.h"
#include "search/terms.h"
#include "util/arena.h"
#include "util/map.h"

/* What makes a segment full before it has SEGMENT_DOCS messages. */
#define SEGMENT_POSTINGS_MAX ((size_t)1000 * 1000)
#define SEGMENT_TOKENS_MAX ((size_t)300 * 1000)

#define SEGMENT_NO_CHAT UINT16_MAX

/* Tokens that no text has, since letters are never control characters: that of a chat, and that of all messages with a
 * link (search/link.h). */
#define SEGMENT_CHAT_TOKEN_SIZE 9
void segment_chat_token(int64_t chat, char out[SEGMENT_CHAT_TOKEN_SIZE]);
#define SEGMENT_LINK_TOKEN STR("\x02link")

struct segment_token {
    struct segment_token *next_alike; /* of the same hash */
    struct segment_token *next_begun; /* of the same beginning */
    uint16_t *docs;                   /* ascending */
    uint16_t count;
    uint16_t capacity;
    uint16_t size;
    uint16_t check; /* of its hash: most that are not alike differ in it */
    char text[TERMS_KEY_SIZE_MAX];
};

struct segment {
    int64_t first;            /* 0: nothing is in it yet */
    int64_t last;             /* the greatest id it has been given, indexed or not */
    int64_t begin_ms, end_ms; /* the least and the greatest createAt */
    size_t indexed;           /* messages that can be found */
    size_t postings;
    size_t token_count;
    struct segment_token **alike; /* SEGMENT_BUCKETS each */
    struct segment_token **begun;
    struct map chat_numbers; /* chat → its number + 1 */
    int64_t *chats;          /* by number */
    size_t chat_count;
    uint16_t *chat_of; /* by message; SEGMENT_NO_CHAT: not there */
    uint32_t *sender_of;
    uint8_t *type_of;
    struct arena arena; /* tokens and their lists */
};

/* A message that can be found. */
struct segment_message {
    int64_t id;
    int64_t chat;
    int64_t sender;
    int64_t type;
    int64_t created_ms;
    bool indexed;       /* false: it counts, but cannot be found (a notice, what is gone) */
    struct str *tokens; /* as segment_message_tokens made them; one may be there twice */
    size_t token_count;
};
/* Fills the tokens of one that is indexed: its chat's, those of its content, and the link's if it shows one. In the
 * arena. */
void segment_message_tokens(struct segment_message *message, struct str content, struct arena *arena);

void segment_init(struct segment *segment);
void segment_release(struct segment *segment);
void segment_clear(struct segment *segment);

/* Whether the message with that id must begin a new segment. */
bool segment_full(const struct segment *segment, int64_t id);
/* Ids ascend; not when full. */
void segment_add(struct segment *segment, const struct segment_message *message);
/* Takes an id of the segment out and, if it is indexed, in again. */
void segment_replace(struct segment *segment, const struct segment_message *message);

/* Those that have the key, added to *docs. */
void segment_find(const struct segment *segment, const struct term_key *key, struct docs *docs);

/* All tokens in the order of their bytes; the array lives in the arena. */
struct segment_token **segment_sorted(const struct segment *segment, struct arena *arena);

uint8_t segment_type(int64_t type); /* as it is kept: near enough to skip by */

#endif
