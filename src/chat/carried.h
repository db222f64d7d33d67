/* carried.h: rows of the journal that go along with the hints of them, so that
 * other nodes need not read them from the store (ARCHITECTURE.md, "Many
 * nodes"). What stands between the nodes is not trusted: a row is sealed with a
 * key of the store's, so that nobody else can read it or make one up, and names
 * the mark of the row before it, so that it fits behind that one alone. One
 * that is missing, or does not fit, is read from the store. */
#ifndef IM_CHAT_CARRIED_H
#define IM_CHAT_CARRIED_H

#include "store/journal.h"
#include "util/buf.h"

#define CARRIED_KEY_SIZE 32
#define CARRIED_EVENTS_MAX ((size_t)128 * 1024)       /* a row with more of them is not carried */
#define CARRIED_WAITING_MAX ((size_t)4 * 1024 * 1024) /* bytes of rows that came and were not taken */

/* From the secret that the nodes share (api/secret.h), CARRIED_KEY_SIZE bytes. */
void carried_key(const unsigned char secret[CARRIED_KEY_SIZE], unsigned char key[CARRIED_KEY_SIZE]);

/* Appends the row. before: the mark of the row before it. What is appended in one go may be cut into hints only as it
 * was appended. */
void carried_append(struct buf *out, const unsigned char key[CARRIED_KEY_SIZE], const struct journal_row *row,
                    const char before[JOURNAL_MARK_SIZE]);

/* What came and was not taken yet. */
struct carried;

struct carried *carried_new(const unsigned char key[CARRIED_KEY_SIZE]);
void carried_free(struct carried **carried);
/* Bytes as carried_append made them, any number of rows, or what somebody made up. Copies them. Any thread; all else is
 * one thread's. */
void carried_put(struct carried *carried, struct str bytes);
/* The row behind number, if it came and the mark of that number's row is mark. In the arena; flags and created_ms are
 * not carried. false: there is none, read the store. */
bool carried_take(struct carried *carried, struct arena *arena, uint64_t number, const char mark[JOURNAL_MARK_SIZE],
                  struct journal_row *out);
void carried_forget(struct carried *carried);

#endif
