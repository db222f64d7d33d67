/* index.h: search.db, the index on disk.
 * A row for each full segment (what it spans, the chat, sender and type of its
 * messages) and one for each of its tokens (which messages have it), by
 * segment and token: a segment is written once, in order, at the file's end,
 * and looking a token up in a segment is one descent of a tree. How far it has
 * come stands beside them and is written in the same transaction.
 * The file is derived data: whatever is wrong with it, it is thrown away and
 * built again. One connection writes and checkpoints; readers do neither. */
#ifndef IM_SEARCH_INDEX_H
#define IM_SEARCH_INDEX_H

#include "search/segment.h"

struct index;

struct index_position {
    int64_t last;     /* messages up to this id are in its segments */
    int64_t mutation; /* changes up to this id are in them, too */
    int64_t segments;
    int64_t indexed; /* messages that can be found */
};

/* For writing: opened, or begun anew when it is not there, damaged, of another format or not of that generation of
 * the store. ERR_IO, ERR_DISK_FULL and the like. */
enum err index_open(const char *path, struct str generation, struct index **out);
/* For reading. */
enum err index_open_reader(const char *path, struct index **out);
void index_close(struct index **index);
/* Removes the file and what belongs to it; nobody has it open. */
void index_remove(const char *path);

/* All of these: ERR_PARSE means that the file is damaged. */

enum err index_position(struct index *index, struct index_position *out);
/* A full segment, and that changes up to mutation are in it and in all others. */
enum err index_append(struct index *index, const struct segment *segment, int64_t mutation);
/* Takes messages out of the finished segment that holds the first of them, and in again if they are indexed; those
 * of other segments are left alone: *done says how many, in the order of ids, were dealt with (1 at least). */
enum err index_replace(struct index *index, const struct segment_message *messages, size_t count, size_t *done);
/* Changes up to that one are in. */
enum err index_set_mutation(struct index *index, int64_t mutation);
/* Copies the WAL; all: also empties it, so that nothing that was taken out is left there. ERR_BUSY: a reader is in
 * the way, later. */
enum err index_checkpoint(struct index *index, bool all);

/* ---- reading, between index_begin and index_end in one snapshot ---- */

enum err index_begin(struct index *index);
void index_end(struct index *index);

struct index_segment {
    int64_t first, last;
    int64_t begin_ms, end_ms;
};
/* The segment with the greatest first below that id. ERR_NOT_FOUND: there is none. */
enum err index_segment_below(struct index *index, int64_t below, struct index_segment *out);
/* Those of the segment that have the key, added to *docs. */
enum err index_find(struct index *index, int64_t segment, const struct term_key *key, struct docs *docs);
/* Of the segment's messages, by number; senders: also sender_of and type_of. In the arena. */
struct index_columns {
    size_t count; /* numbers from here on have no message */
    const int64_t *chats;
    size_t chat_count;
    const uint16_t *chat_of; /* chat_count and beyond (SEGMENT_NO_CHAT): not there */
    const uint32_t *sender_of;
    const uint8_t *type_of;
};
enum err index_columns(struct index *index, struct arena *arena, int64_t segment, bool senders,
                       struct index_columns *out);

#endif
