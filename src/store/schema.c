/* schema.c: the tables, as numbered migrations.
 * A migration is a row; the text differs by dialect, since key and table
 * kinds do. Each runs in a transaction of its own together with the new
 * version number. A migration that was released is never edited.
 *
 * WITHOUT ROWID is for the small tables that are read by a composite key:
 * the row lives in its key's tree. The log is the other way round, its rows
 * in order of arrival and an index on (chat, seq): docs/STORAGE.md has the
 * measurements. Users' rows are never deleted, so that a message keeps its
 * author; email_key is NULL once the account is gone. */
#include "store/query.h"

#include "store/copy_private.h"
#include "store/schema.h"

#include "os/log.h"
#include "os/random.h"

#define EPOCH_BYTES 12

struct migration {
    int64_t version;
    const char *text[SQL_DIALECTS];
};

static const char sqlite_meta[] = "CREATE TABLE IF NOT EXISTS meta ("
                                  " name VARCHAR(64) NOT NULL PRIMARY KEY,"
                                  " value VARCHAR(255) NOT NULL)";
static const char *const meta_table[SQL_DIALECTS] = { sqlite_meta, schema_mysql_meta };

static const char sqlite_1[] =
    /* A counter row per sequence whose numbers are never given twice. */
    "CREATE TABLE counter ("
    " name VARCHAR(64) NOT NULL PRIMARY KEY,"
    " value BIGINT NOT NULL) WITHOUT ROWID;"
    "INSERT INTO counter (name, value) VALUES ('group', 999);"

    "CREATE TABLE user ("
    " id INTEGER PRIMARY KEY,"
    " email VARCHAR(64) NOT NULL,"
    " email_key VARCHAR(64) UNIQUE,"
    " uname VARCHAR(64),"
    " avatar VARCHAR(255),"
    " password VARCHAR(255) NOT NULL,"
    " created BIGINT NOT NULL,"
    " deleted BIGINT NOT NULL);"

    /* AUTOINCREMENT: a session may still hold the id of a device that is gone. */
    "CREATE TABLE device ("
    " id INTEGER PRIMARY KEY AUTOINCREMENT,"
    " user INTEGER NOT NULL,"
    " token_hash BLOB NOT NULL UNIQUE,"
    " created BIGINT NOT NULL,"
    " used BIGINT NOT NULL);"
    "CREATE INDEX device_user ON device (user, used);"
    "CREATE INDEX device_used ON device (used);"

    "CREATE TABLE contact ("
    " owner INTEGER NOT NULL,"
    " peer INTEGER NOT NULL,"
    " created BIGINT NOT NULL,"
    " PRIMARY KEY (owner, peer)) WITHOUT ROWID;"
    "CREATE INDEX contact_peer ON contact (peer);"

    "CREATE TABLE chat ("
    " id INTEGER PRIMARY KEY,"
    " kind INTEGER NOT NULL,"
    " name VARCHAR(255),"
    " icon VARCHAR(255),"
    " memo TEXT,"
    " owner INTEGER,"
    " created BIGINT NOT NULL);"
    "CREATE INDEX chat_kind ON chat (kind, id);"

    "CREATE TABLE member ("
    " user INTEGER NOT NULL,"
    " chat BIGINT NOT NULL,"
    " role INTEGER NOT NULL,"
    " joined_seq BIGINT NOT NULL,"
    " created BIGINT NOT NULL,"
    " PRIMARY KEY (user, chat)) WITHOUT ROWID;"
    "CREATE INDEX member_chat ON member (chat, user);"

    /* How far each device of a user has been given a chat; device 0 is the
     * user's own memory of devices that are gone. (CURSOR is a reserved word.) */
    "CREATE TABLE delivered ("
    " user INTEGER NOT NULL,"
    " chat BIGINT NOT NULL,"
    " device INTEGER NOT NULL,"
    " seq BIGINT NOT NULL,"
    " PRIMARY KEY (user, chat, device)) WITHOUT ROWID;"

    "CREATE TABLE message ("
    " id INTEGER PRIMARY KEY,"
    " chat BIGINT NOT NULL,"
    " seq BIGINT NOT NULL,"
    " sender INTEGER NOT NULL,"
    " type INTEGER NOT NULL,"
    " created BIGINT NOT NULL,"
    " content TEXT NOT NULL);"
    "CREATE UNIQUE INDEX message_chat_seq ON message (chat, seq);"

    "CREATE TABLE invite ("
    " code VARCHAR(64) NOT NULL PRIMARY KEY,"
    " uses_left BIGINT NOT NULL,"
    " expires BIGINT NOT NULL) WITHOUT ROWID;";

/* Protocol v2. Indexes that few rows need are partial: a v1 message pays for none of them. */
static const char sqlite_2[] =
    /* state: enum message_state; flags: MESSAGE_EDITED…, and 64, for a byte that is always there; digest: of what was first sent under cid; attrs: the
     * members reply, at, fwd, ttl, ext, ct of a frame, as JSON; expires: 0 is never. */
    "ALTER TABLE message ADD COLUMN state INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE message ADD COLUMN flags INTEGER NOT NULL DEFAULT 64;"
    "ALTER TABLE message ADD COLUMN cid VARCHAR(64);"
    "ALTER TABLE message ADD COLUMN digest BIGINT;"
    "ALTER TABLE message ADD COLUMN attrs TEXT;"
    "ALTER TABLE message ADD COLUMN expires BIGINT;"
    /* The cid leads: clients' cids are ordered by time, so that the index grows at its end. */
    "CREATE UNIQUE INDEX message_cid ON message (cid, chat, sender) WHERE cid IS NOT NULL;"
    "CREATE INDEX message_gone ON message (chat, seq) WHERE state <> 0;"
    "CREATE INDEX message_expires ON message (expires) WHERE expires IS NOT NULL;"

    /* Edited texts that need more room than the message's row had; message: its id, NULL when this one is past. */
    "CREATE TABLE edition ("
    " id INTEGER PRIMARY KEY,"
    " message BIGINT UNIQUE,"
    " content TEXT NOT NULL);"

    /* Changes of messages already sent, replayed to devices that were away: cmd 24 to 28, a counter (mver) for
     * each chat. id: in the order of all chats, for who follows everything. What a message says now stands in
     * its row, never here. seqs: for 26, a JSON array; detail: the emoji of 27; turned_on: of 27 and 28. */
    "CREATE TABLE mutation ("
    " id INTEGER PRIMARY KEY AUTOINCREMENT,"
    " chat BIGINT NOT NULL,"
    " mver BIGINT NOT NULL,"
    " cmd INTEGER NOT NULL,"
    " seq BIGINT NOT NULL,"
    " actor INTEGER NOT NULL,"
    " created BIGINT NOT NULL,"
    " turned_on INTEGER NOT NULL,"
    " detail VARCHAR(64),"
    " seqs TEXT);"
    "CREATE UNIQUE INDEX mutation_chat ON mutation (chat, mver);"

    /* mver, the chat's at that reaction, is the order of reacting. reaction_kind: how many users each emoji of a
     * message has, so that reading one with ten thousand reactions costs no more than one with ten. */
    "CREATE TABLE reaction ("
    " chat BIGINT NOT NULL,"
    " seq BIGINT NOT NULL,"
    " emoji VARCHAR(64) NOT NULL,"
    " user INTEGER NOT NULL,"
    " mver BIGINT NOT NULL,"
    " PRIMARY KEY (chat, seq, emoji, user)) WITHOUT ROWID;"
    "CREATE INDEX reaction_order ON reaction (chat, seq, emoji, mver);"
    "CREATE TABLE reaction_kind ("
    " chat BIGINT NOT NULL,"
    " seq BIGINT NOT NULL,"
    " emoji VARCHAR(64) NOT NULL,"
    " mver BIGINT NOT NULL,"
    " users INTEGER NOT NULL,"
    " PRIMARY KEY (chat, seq, emoji)) WITHOUT ROWID;"

    "CREATE TABLE pin ("
    " chat BIGINT NOT NULL,"
    " seq BIGINT NOT NULL,"
    " actor INTEGER NOT NULL,"
    " created BIGINT NOT NULL,"
    " PRIMARY KEY (chat, seq)) WITHOUT ROWID;"

    /* Who is mentioned; user 0: everybody (@all). */
    "CREATE TABLE mention ("
    " user INTEGER NOT NULL,"
    " chat BIGINT NOT NULL,"
    " seq BIGINT NOT NULL,"
    " PRIMARY KEY (user, chat, seq)) WITHOUT ROWID;"
    "CREATE INDEX mention_chat ON mention (chat, seq);"

    /* Messages a user deleted for himself alone. */
    "CREATE TABLE hidden ("
    " user INTEGER NOT NULL,"
    " chat BIGINT NOT NULL,"
    " seq BIGINT NOT NULL,"
    " pver BIGINT NOT NULL,"
    " PRIMARY KEY (user, chat, seq)) WITHOUT ROWID;"

    /* pver counts changes that concern the user alone (read marks, settings of chats, deletions for himself);
     * member.pver is its value at the chat's last one. */
    "ALTER TABLE user ADD COLUMN pver BIGINT NOT NULL DEFAULT 0;"
    "ALTER TABLE user ADD COLUMN seen BIGINT NOT NULL DEFAULT 0;"
    "ALTER TABLE member ADD COLUMN read_seq BIGINT NOT NULL DEFAULT 0;"
    "ALTER TABLE member ADD COLUMN sent_seq BIGINT NOT NULL DEFAULT 0;"
    "ALTER TABLE member ADD COLUMN cleared_seq BIGINT NOT NULL DEFAULT 0;"
    "ALTER TABLE member ADD COLUMN pver BIGINT NOT NULL DEFAULT 0;"
    "ALTER TABLE member ADD COLUMN top BIGINT NOT NULL DEFAULT 0;"
    "ALTER TABLE member ADD COLUMN muted INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE member ADD COLUMN silenced BIGINT NOT NULL DEFAULT 0;" /* by an admin, until then */
    "ALTER TABLE member ADD COLUMN draft TEXT;"
    "CREATE INDEX member_read ON member (chat, read_seq);"
    "CREATE INDEX member_staff ON member (chat, user) WHERE role > 0;"

    /* Groups. join_mode: enum group_join; silenced: everybody but owner and admins, until then; whole_history:
     * 1, or 0 for group.history = joined; dismissed: when, 0 while it lives; size: of living groups. */
    "ALTER TABLE chat ADD COLUMN notice TEXT;"
    "ALTER TABLE chat ADD COLUMN join_mode INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE chat ADD COLUMN silenced BIGINT NOT NULL DEFAULT 0;"
    "ALTER TABLE chat ADD COLUMN whole_history INTEGER;" /* NULL: as configured */
    "ALTER TABLE chat ADD COLUMN dismissed BIGINT NOT NULL DEFAULT 0;"
    "ALTER TABLE chat ADD COLUMN size INTEGER NOT NULL DEFAULT 0;"
    "UPDATE chat SET size = (SELECT COUNT(*) FROM member WHERE member.chat = chat.id) WHERE kind = 11;"
    /* Groups whose owner deleted his account: who is in them longest follows; empty ones are no more. */
    "UPDATE chat SET dismissed = created WHERE kind = 11 AND size = 0;"
    "UPDATE chat SET owner = (SELECT m.user FROM member m WHERE m.chat = chat.id ORDER BY m.created, m.user LIMIT 1)"
    " WHERE kind = 11 AND size > 0 AND NOT EXISTS"
    " (SELECT 1 FROM member m WHERE m.chat = chat.id AND m.user = chat.owner);"
    "UPDATE member SET role = 2 WHERE role <> 2 AND EXISTS"
    " (SELECT 1 FROM chat WHERE chat.id = member.chat AND chat.kind = 11 AND chat.owner = member.user);"

    "CREATE TABLE applicant ("
    " chat BIGINT NOT NULL,"
    " user INTEGER NOT NULL,"
    " reason TEXT,"
    " created BIGINT NOT NULL,"
    " PRIMARY KEY (chat, user)) WITHOUT ROWID;"
    "CREATE INDEX applicant_user ON applicant (user);"

    "ALTER TABLE contact ADD COLUMN remark VARCHAR(255);"
    "ALTER TABLE contact ADD COLUMN tags TEXT;" /* a JSON array */

    "CREATE TABLE block ("
    " owner INTEGER NOT NULL,"
    " peer INTEGER NOT NULL,"
    " created BIGINT NOT NULL,"
    " PRIMARY KEY (owner, peer)) WITHOUT ROWID;"
    "CREATE INDEX block_peer ON block (peer);"

    "CREATE TABLE contact_request ("
    " id INTEGER PRIMARY KEY AUTOINCREMENT,"
    " sender INTEGER NOT NULL,"
    " receiver INTEGER NOT NULL,"
    " content TEXT,"
    " state INTEGER NOT NULL,"          /* enum contact_request_state */
    " told INTEGER NOT NULL DEFAULT 1," /* how often the receiver was told of it */
    " created BIGINT NOT NULL,"
    " changed BIGINT NOT NULL);"
    "CREATE UNIQUE INDEX contact_request_pair ON contact_request (sender, receiver);"
    "CREATE INDEX contact_request_sender ON contact_request (sender, id);"
    "CREATE INDEX contact_request_receiver ON contact_request (receiver, id);"

    /* A device of protocol v2, by the name it gives itself; login: the token it used last. Its cursors: how far
     * it has each chat's messages and changes; chat 0: its pver. */
    "CREATE TABLE device_name ("
    " id INTEGER PRIMARY KEY AUTOINCREMENT,"
    " user INTEGER NOT NULL,"
    " name VARCHAR(64) NOT NULL,"
    " login INTEGER NOT NULL,"
    " created BIGINT NOT NULL,"
    " used BIGINT NOT NULL);"
    "CREATE UNIQUE INDEX device_name_user ON device_name (user, name);"
    "CREATE INDEX device_name_used ON device_name (used);"
    "CREATE INDEX device_name_login ON device_name (user, login);"
    "CREATE TABLE device_cursor ("
    " user INTEGER NOT NULL,"
    " device INTEGER NOT NULL,"
    " chat BIGINT NOT NULL,"
    " seq BIGINT NOT NULL,"
    " mver BIGINT NOT NULL,"
    " PRIMARY KEY (user, device, chat)) WITHOUT ROWID;"

    /* What was delivered before there were read marks counts as read; chat/marks starts from here. */
    "UPDATE member SET read_seq = COALESCE((SELECT MAX(d.seq) FROM delivered d"
    " WHERE d.user = member.user AND d.chat = member.chat), 0);"
    "INSERT INTO meta (name, value) SELECT 'marks', COALESCE(MAX(id), 0) FROM message;";

/* Files. kind: enum media_kind; refs: how many rows of file_ref name it; expires: when it goes, NULL while refs > 0.
 * file_ref: see store/file.h. */
static const char sqlite_3[] = "CREATE TABLE file ("
                               " id INTEGER PRIMARY KEY,"
                               " fid VARCHAR(32) NOT NULL UNIQUE,"
                               " owner INTEGER NOT NULL,"
                               " size BIGINT NOT NULL,"
                               " kind INTEGER NOT NULL,"
                               " mime VARCHAR(64) NOT NULL,"
                               " name VARCHAR(255) NOT NULL,"
                               " sha256 BLOB NOT NULL,"
                               " width INTEGER NOT NULL,"
                               " height INTEGER NOT NULL,"
                               " blur TEXT,"
                               " created BIGINT NOT NULL,"
                               " refs BIGINT NOT NULL,"
                               " expires BIGINT);"
                               "CREATE INDEX file_owner ON file (owner, size);"
                               "CREATE INDEX file_expires ON file (expires) WHERE expires IS NOT NULL;"
                               "CREATE TABLE file_ref ("
                               " chat BIGINT NOT NULL,"
                               " seq BIGINT NOT NULL,"
                               " file INTEGER NOT NULL,"
                               " PRIMARY KEY (chat, seq, file)) WITHOUT ROWID;"
                               "CREATE INDEX file_ref_file ON file_ref (file, chat, seq);";

/* thumbs: which smaller forms a picture has.
 * Files that come in parts. fid: of the file to be, and of its bytes; parts: a bit for each that is there, see
 * media/parts.h. file_sha256: who sends what he may see anyway need not send it.
 * Files in another store: see store/object.h. */
static const char sqlite_4[] = "ALTER TABLE file ADD COLUMN thumbs INTEGER NOT NULL DEFAULT 0;"
                               "CREATE TABLE upload ("
                               " id INTEGER PRIMARY KEY,"
                               " fid VARCHAR(32) NOT NULL UNIQUE,"
                               " owner INTEGER NOT NULL,"
                               " sha256 BLOB NOT NULL,"
                               " size BIGINT NOT NULL,"
                               " name VARCHAR(255) NOT NULL,"
                               " part_size BIGINT NOT NULL,"
                               " parts BLOB NOT NULL,"
                               " expires BIGINT NOT NULL);"
                               "CREATE UNIQUE INDEX upload_content ON upload (owner, sha256, size, name);"
                               "CREATE INDEX upload_expires ON upload (expires);"
                               "CREATE INDEX file_sha256 ON file (sha256);"
                               "CREATE TABLE object ("
                               " fid VARCHAR(32) PRIMARY KEY,"
                               " name VARCHAR(32) NOT NULL,"
                               " state INTEGER NOT NULL,"
                               " forms INTEGER NOT NULL,"
                               " size BIGINT NOT NULL,"
                               " due BIGINT NOT NULL) WITHOUT ROWID;"
                               "CREATE INDEX object_name ON object (name);"
                               "CREATE INDEX object_due ON object (due) WHERE state <> 2;"

                               /* Messages that are gone, with reactions still to be removed: store/change.h. */
                               "CREATE TABLE reaction_gone ("
                               " chat BIGINT NOT NULL,"
                               " seq BIGINT NOT NULL,"
                               " PRIMARY KEY (chat, seq)) WITHOUT ROWID;"

                               /* Stickers: store/sticker.h. owner 0: the server's own; icon, file: rows of file. */
                               "CREATE TABLE sticker_pack ("
                               " id INTEGER PRIMARY KEY AUTOINCREMENT,"
                               " owner INTEGER NOT NULL,"
                               " name VARCHAR(255) NOT NULL,"
                               " icon INTEGER NOT NULL,"
                               " shared INTEGER NOT NULL,"
                               " created BIGINT NOT NULL);"
                               "CREATE INDEX sticker_pack_owner ON sticker_pack (owner);"
                               "CREATE INDEX sticker_pack_shared ON sticker_pack (id) WHERE shared = 1;"
                               "CREATE TABLE sticker ("
                               " pack INTEGER NOT NULL,"
                               " place INTEGER NOT NULL,"
                               " name VARCHAR(255) NOT NULL,"
                               " file INTEGER NOT NULL,"
                               " PRIMARY KEY (pack, place)) WITHOUT ROWID;"
                               "CREATE TABLE user_pack ("
                               " user INTEGER NOT NULL,"
                               " pack INTEGER NOT NULL,"
                               " place BIGINT NOT NULL,"
                               " PRIMARY KEY (user, pack)) WITHOUT ROWID;"
                               "CREATE INDEX user_pack_pack ON user_pack (pack);"
                               /* Icons alone: what is sent often has many references. */
                               "CREATE INDEX file_ref_icon ON file_ref (file) WHERE seq = 0;";

/* A dialect without a text has nothing to do there. */
static const struct migration migrations[] = {
    { .version = 1, .text = { [SQL_DIALECT_SQLITE] = sqlite_1 } },
    { .version = 2, .text = { [SQL_DIALECT_SQLITE] = sqlite_2 } },
    { .version = 3, .text = { [SQL_DIALECT_SQLITE] = sqlite_3 } },
    { .version = 4, .text = { [SQL_DIALECT_SQLITE] = sqlite_4, [SQL_DIALECT_MYSQL] = schema_mysql_4 } },
    { .version = 5, .text = { [SQL_DIALECT_MYSQL] = schema_mysql_5 } },
};

#define MIGRATIONS (sizeof migrations / sizeof *migrations)

/* 0 for a new store. */
static enum err schema_version(struct db *db, struct arena *arena, int64_t *version)
{
    struct str text;
    enum err err = meta_get(db, arena, "schema", &text);
    *version = 0;
    if (err == ERR_NOT_FOUND)
        return OK;
    if (err == OK && (!str_to_i64(text, version) || *version < 1)) {
        log_error("store", "schema version is not a number", LOG_STR("schema", text));
        return ERR_STORE;
    }
    return err;
}

enum err db_new_epoch(struct db *db, struct arena *arena, struct str *epoch)
{
    unsigned char bytes[EPOCH_BYTES];
    char hex[2 * EPOCH_BYTES];
    random_bytes(bytes, sizeof bytes);
    for (size_t i = 0; i < sizeof bytes; i++) {
        hex[2 * i] = "0123456789abcdef"[bytes[i] >> 4];
        hex[2 * i + 1] = "0123456789abcdef"[bytes[i] & 15];
    }
    *epoch = arena_str(arena, (struct str){ hex, sizeof hex });
    return meta_put(db, "epoch", *epoch);
}

static enum err put_epoch(struct db *db, struct arena *arena)
{
    struct str text;
    enum err err = meta_get(db, arena, "epoch", &text);
    return err == ERR_NOT_FOUND ? db_new_epoch(db, arena, &text) : err;
}

static enum err migrate_one(struct db *db, struct arena *arena, const struct migration *migration)
{
    struct sql *sql = db_sql(db);
    const char *text = migration->text[sql->v->dialect];
    if (text == NULL)
        return OK;
    enum err err = sql->v->begin(sql);
    if (err != OK)
        return err;
    err = sql->v->run(sql, text);
    if (err == OK)
        err = meta_put_i64(db, "schema", migration->version);
    if (err == OK)
        err = put_epoch(db, arena);
    if (err == OK)
        err = sql->v->commit(sql);
    if (err != OK)
        sql->v->rollback(sql);
    else
        log_info("store", "schema migrated", LOG_I64("version", migration->version));
    return err;
}

static enum err migrate_all(struct db *db, struct arena *arena)
{
    int64_t version = 0;
    int64_t newest = migrations[MIGRATIONS - 1].version;
    enum err err = schema_version(db, arena, &version);
    if (err != OK)
        return err;
    if (version > newest) {
        log_error("store", "this store was written by a newer version of the program: use that one",
                  LOG_I64("schema", version), LOG_I64("known", newest));
        return ERR_STORE;
    }
    for (size_t i = 0; i < MIGRATIONS && err == OK; i++)
        if (migrations[i].version > version)
            err = migrate_one(db, arena, &migrations[i]);
    return err;
}

enum err db_migrate_target(struct db *db)
{
    struct sql *sql = db_sql(db);
    struct arena arena = { 0 };
    enum err err = sql->v->exclude(sql, true);
    if (err == OK)
        err = sql->v->run(sql, meta_table[sql->v->dialect]);
    if (err == OK)
        err = migrate_all(db, &arena);
    enum err released = sql->v->exclude(sql, false);
    arena_release(&arena);
    return err == OK ? released : err;
}

enum err db_migrate(struct db *db)
{
    struct arena arena = { 0 };
    struct str text;
    enum err err = db_migrate_target(db);
    if (err == OK && meta_get(db, &arena, COPY_META, &text) == OK) {
        log_error("store", "a migration into this database is not finished: run im_service migrate again");
        err = ERR_STORE;
    }
    arena_release(&arena);
    return err;
}
