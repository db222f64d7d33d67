/* sqlite_settings.h: how every connection to an SQLite store is set up.
 * In a header of its own so that the bare-store floor of bench/ runs under
 * exactly the same settings. The figures are argued in docs/STORAGE.md. */
#ifndef IM_SQL_SQLITE_SETTINGS_H
#define IM_SQL_SQLITE_SETTINGS_H

/* Pages of the WAL that are not on the disk in the database file yet: at this
 * many they are synced. They are copied there in so many steps. */
#define SQLITE_CHECKPOINT_PAGES 16000
#define SQLITE_CHECKPOINT_COPIES 16

/* So few that the writer waits for their sync itself. */
#define SQLITE_CHECKPOINT_FEW_PAGES 256

/* The WAL's bound, for the file's size and for the recovery after a crash:
 * here the writer waits for the disk, and a moment for readers. */
#define SQLITE_WAL_PAGES_MAX 48000

#define SQLITE_BUSY_MS 2000      /* for another program's lock, such as a backup's */
#define SQLITE_WAL_RESTART_MS 50 /* for readers, when the WAL is over its bound */

/* No autocheckpoint on either side: Debian 12's version (3.40.1) can corrupt
 * a WAL when one connection checkpoints while another one writes, so the only
 * connection that writes is also the only one that checkpoints, at moments of
 * its own choosing. No foreign keys: the hot insert would pay two look-ups a
 * row for what the queries ensure already, and clustered MySQL does without. */
#define SQLITE_SETTINGS_COMMON                                                                                         \
    "PRAGMA mmap_size=0;"                                                                                              \
    "PRAGMA temp_store=MEMORY;"                                                                                        \
    "PRAGMA foreign_keys=OFF;"                                                                                         \
    "PRAGMA trusted_schema=OFF;"                                                                                       \
    "PRAGMA wal_autocheckpoint=0;"

#define SQLITE_SETTINGS_WRITER                                                                                         \
    "PRAGMA journal_mode=WAL;"                                                                                         \
    "PRAGMA synchronous=FULL;"                                                                                         \
    "PRAGMA journal_size_limit=201326592;"                                                                             \
    "PRAGMA secure_delete=ON;"                                                                                         \
    "PRAGMA cache_size=-65536;" SQLITE_SETTINGS_COMMON

/* A reader's pages come from the system's cache as well, for a microsecond
 * each; what it kept itself would only be kept twice. */
#define SQLITE_SETTINGS_READER                                                                                         \
    "PRAGMA query_only=ON;"                                                                                            \
    "PRAGMA cache_size=-512;" SQLITE_SETTINGS_COMMON

#endif
