/* import.h: the original's data into a store.
 *
 * MySQL's rows and Redis's lists go in by kind, in transactions of some
 * thousand rows: users, groups, contacts, messages, what was offline, then how
 * far everybody has read. Run again it goes on where it was, and takes over
 * what came since. Groups and messages keep their ids; users are known by
 * their address. Nothing of the original is written to. */
#ifndef IM_LEGACY_IMPORT_H
#define IM_LEGACY_IMPORT_H

#include "legacy/mailbox.h"
#include "legacy/report.h"
#include "legacy/source.h"
#include "store/db.h"

struct import;

/* db: a writer's connection, migrated, the caller's. mailboxes NULL: there are none to read. */
struct import *import_new(struct db *db, struct source *source, struct mailboxes *mailboxes);
void import_free(struct import **import);

/* ERR_EXISTS: the store has messages or groups that no import brought. ERR_IO: the source failed (its why says how).
 * ERR_STORE and the other errors of the store. What was done before a failure stays, and is not done again. */
enum err import_run(struct import *import);

/* Reads the original's messages once more and compares: count, and a checksum over sender, type, time and content in
 * order, of every chat. *mismatches: chats that differ; each is told on err. */
enum err import_verify(struct import *import, FILE *err, size_t *mismatches);

const struct report *import_report(const struct import *import);

#endif
