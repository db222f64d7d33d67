/* schema_mysql.c: the tables as MariaDB, MySQL 8 and TiDB take them: one text, equal to SQLite's versions 1 to 4.
 *
 * A statement that changes the schema is a transaction of its own there, so
 * each of these may run again after a crash in the middle.
 *
 * All text is VARBINARY or a BLOB. What SQLite compares byte by byte must be
 * compared so here: a collation that knows no case still ignores spaces at the
 * end (utf8mb4_bin) or exists on one of the three only (utf8mb4_nopad_bin,
 * utf8mb4_0900_bin), and two messages whose cids differ by a space are two.
 * Lengths are bytes, four to a character.
 *
 * There are no partial indexes. Where SQLite has one, a column is NULL for the
 * rows that are not meant: these entries stand side by side in the order of
 * ids, so that a new one costs next to nothing. gone_chat, gone_seq: the
 * message's own when its state is not 0. */
#include "store/schema.h"

#define INNODB " ENGINE=InnoDB ROW_FORMAT=DYNAMIC DEFAULT CHARACTER SET utf8mb4;"
/* The comment is for TiDB: ids in order on all of its servers, not in shares. */
#define INNODB_COUNTED                                                                                                 \
    " ENGINE=InnoDB ROW_FORMAT=DYNAMIC DEFAULT CHARACTER SET utf8mb4 /*T![auto_id_cache] AUTO_ID_CACHE 1 */;"

const char schema_mysql_meta[] = "CREATE TABLE IF NOT EXISTS meta ("
                                 " name VARBINARY(64) NOT NULL PRIMARY KEY,"
                                 " value VARBINARY(255) NOT NULL)" INNODB;

const char schema_mysql_4[] = "CREATE TABLE IF NOT EXISTS counter ("
                              " name VARBINARY(64) NOT NULL PRIMARY KEY,"
                              " value BIGINT NOT NULL)" INNODB

                              "CREATE TABLE IF NOT EXISTS user ("
                              " id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,"
                              " email VARBINARY(256) NOT NULL,"
                              " email_key VARBINARY(256),"
                              " uname VARBINARY(1024),"
                              " avatar VARBINARY(1024),"
                              " password VARBINARY(255) NOT NULL,"
                              " created BIGINT NOT NULL,"
                              " deleted BIGINT NOT NULL,"
                              " pver BIGINT NOT NULL DEFAULT 0,"
                              " seen BIGINT NOT NULL DEFAULT 0,"
                              " UNIQUE KEY user_email (email_key))" INNODB_COUNTED

                              "CREATE TABLE IF NOT EXISTS device ("
                              " id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,"
                              " user BIGINT NOT NULL,"
                              " token_hash VARBINARY(64) NOT NULL,"
                              " created BIGINT NOT NULL,"
                              " used BIGINT NOT NULL,"
                              " UNIQUE KEY device_token (token_hash),"
                              " KEY device_user (user, used),"
                              " KEY device_used (used))" INNODB_COUNTED

                              "CREATE TABLE IF NOT EXISTS contact ("
                              " owner BIGINT NOT NULL,"
                              " peer BIGINT NOT NULL,"
                              " created BIGINT NOT NULL,"
                              " remark VARBINARY(1024),"
                              " tags MEDIUMBLOB,"
                              " PRIMARY KEY (owner, peer),"
                              " KEY contact_peer (peer))" INNODB

                              "CREATE TABLE IF NOT EXISTS chat ("
                              " id BIGINT NOT NULL PRIMARY KEY,"
                              " kind INT NOT NULL,"
                              " name VARBINARY(1024),"
                              " icon VARBINARY(1024),"
                              " memo MEDIUMBLOB,"
                              " owner BIGINT,"
                              " created BIGINT NOT NULL,"
                              " notice MEDIUMBLOB,"
                              " join_mode INT NOT NULL DEFAULT 0,"
                              " silenced BIGINT NOT NULL DEFAULT 0,"
                              " whole_history INT,"
                              " dismissed BIGINT NOT NULL DEFAULT 0,"
                              " size BIGINT NOT NULL DEFAULT 0,"
                              " KEY chat_kind (kind, id))" INNODB

                              "CREATE TABLE IF NOT EXISTS member ("
                              " user BIGINT NOT NULL,"
                              " chat BIGINT NOT NULL,"
                              " role INT NOT NULL,"
                              " joined_seq BIGINT NOT NULL,"
                              " created BIGINT NOT NULL,"
                              " read_seq BIGINT NOT NULL DEFAULT 0,"
                              " sent_seq BIGINT NOT NULL DEFAULT 0,"
                              " cleared_seq BIGINT NOT NULL DEFAULT 0,"
                              " pver BIGINT NOT NULL DEFAULT 0,"
                              " top BIGINT NOT NULL DEFAULT 0,"
                              " muted INT NOT NULL DEFAULT 0,"
                              " silenced BIGINT NOT NULL DEFAULT 0,"
                              " draft MEDIUMBLOB,"
                              " PRIMARY KEY (user, chat),"
                              " KEY member_chat (chat, user),"
                              " KEY member_read (chat, read_seq),"
                              " KEY member_staff (chat, role))" INNODB

                              "CREATE TABLE IF NOT EXISTS delivered ("
                              " user BIGINT NOT NULL,"
                              " chat BIGINT NOT NULL,"
                              " device BIGINT NOT NULL,"
                              " seq BIGINT NOT NULL,"
                              " PRIMARY KEY (user, chat, device))" INNODB

                              "CREATE TABLE IF NOT EXISTS message ("
                              " id BIGINT NOT NULL PRIMARY KEY,"
                              " chat BIGINT NOT NULL,"
                              " seq BIGINT NOT NULL,"
                              " sender BIGINT NOT NULL,"
                              " type INT NOT NULL,"
                              " created BIGINT NOT NULL,"
                              " content LONGBLOB NOT NULL,"
                              " state INT NOT NULL DEFAULT 0,"
                              " flags INT NOT NULL DEFAULT 64,"
                              " cid VARBINARY(256),"
                              " digest BIGINT,"
                              " attrs MEDIUMBLOB,"
                              " expires BIGINT,"
                              " gone_chat BIGINT,"
                              " gone_seq BIGINT,"
                              " UNIQUE KEY message_chat_seq (chat, seq),"
                              " UNIQUE KEY message_cid (cid, chat, sender),"
                              " KEY message_gone (gone_chat, gone_seq),"
                              " KEY message_expires (expires))" INNODB

                              "CREATE TABLE IF NOT EXISTS invite ("
                              " code VARBINARY(256) NOT NULL PRIMARY KEY,"
                              " uses_left BIGINT NOT NULL,"
                              " expires BIGINT NOT NULL)" INNODB

                              "CREATE TABLE IF NOT EXISTS edition ("
                              " id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,"
                              " message BIGINT,"
                              " content LONGBLOB NOT NULL,"
                              " UNIQUE KEY edition_message (message))" INNODB_COUNTED

                              "CREATE TABLE IF NOT EXISTS mutation ("
                              " id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,"
                              " chat BIGINT NOT NULL,"
                              " mver BIGINT NOT NULL,"
                              " cmd INT NOT NULL,"
                              " seq BIGINT NOT NULL,"
                              " actor BIGINT NOT NULL,"
                              " created BIGINT NOT NULL,"
                              " turned_on INT NOT NULL,"
                              " detail VARBINARY(256),"
                              " seqs MEDIUMBLOB,"
                              " UNIQUE KEY mutation_chat (chat, mver))" INNODB_COUNTED

                              "CREATE TABLE IF NOT EXISTS reaction ("
                              " chat BIGINT NOT NULL,"
                              " seq BIGINT NOT NULL,"
                              " emoji VARBINARY(256) NOT NULL,"
                              " user BIGINT NOT NULL,"
                              " mver BIGINT NOT NULL,"
                              " PRIMARY KEY (chat, seq, emoji, user),"
                              " KEY reaction_order (chat, seq, emoji, mver))" INNODB

                              "CREATE TABLE IF NOT EXISTS reaction_kind ("
                              " chat BIGINT NOT NULL,"
                              " seq BIGINT NOT NULL,"
                              " emoji VARBINARY(256) NOT NULL,"
                              " mver BIGINT NOT NULL,"
                              " users BIGINT NOT NULL,"
                              " PRIMARY KEY (chat, seq, emoji))" INNODB

                              "CREATE TABLE IF NOT EXISTS reaction_gone ("
                              " chat BIGINT NOT NULL,"
                              " seq BIGINT NOT NULL,"
                              " PRIMARY KEY (chat, seq))" INNODB

                              "CREATE TABLE IF NOT EXISTS pin ("
                              " chat BIGINT NOT NULL,"
                              " seq BIGINT NOT NULL,"
                              " actor BIGINT NOT NULL,"
                              " created BIGINT NOT NULL,"
                              " PRIMARY KEY (chat, seq))" INNODB

                              "CREATE TABLE IF NOT EXISTS mention ("
                              " user BIGINT NOT NULL,"
                              " chat BIGINT NOT NULL,"
                              " seq BIGINT NOT NULL,"
                              " PRIMARY KEY (user, chat, seq),"
                              " KEY mention_chat (chat, seq))" INNODB

                              "CREATE TABLE IF NOT EXISTS hidden ("
                              " user BIGINT NOT NULL,"
                              " chat BIGINT NOT NULL,"
                              " seq BIGINT NOT NULL,"
                              " pver BIGINT NOT NULL,"
                              " PRIMARY KEY (user, chat, seq))" INNODB

                              "CREATE TABLE IF NOT EXISTS applicant ("
                              " chat BIGINT NOT NULL,"
                              " user BIGINT NOT NULL,"
                              " reason MEDIUMBLOB,"
                              " created BIGINT NOT NULL,"
                              " PRIMARY KEY (chat, user),"
                              " KEY applicant_user (user))" INNODB

                              "CREATE TABLE IF NOT EXISTS block ("
                              " owner BIGINT NOT NULL,"
                              " peer BIGINT NOT NULL,"
                              " created BIGINT NOT NULL,"
                              " PRIMARY KEY (owner, peer),"
                              " KEY block_peer (peer))" INNODB

                              "CREATE TABLE IF NOT EXISTS contact_request ("
                              " id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,"
                              " sender BIGINT NOT NULL,"
                              " receiver BIGINT NOT NULL,"
                              " content MEDIUMBLOB,"
                              " state INT NOT NULL,"
                              " told BIGINT NOT NULL DEFAULT 1,"
                              " created BIGINT NOT NULL,"
                              " changed BIGINT NOT NULL,"
                              " UNIQUE KEY contact_request_pair (sender, receiver),"
                              " KEY contact_request_sender (sender, id),"
                              " KEY contact_request_receiver (receiver, id))" INNODB_COUNTED

                              "CREATE TABLE IF NOT EXISTS device_name ("
                              " id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,"
                              " user BIGINT NOT NULL,"
                              " name VARBINARY(256) NOT NULL,"
                              " login BIGINT NOT NULL,"
                              " created BIGINT NOT NULL,"
                              " used BIGINT NOT NULL,"
                              " UNIQUE KEY device_name_user (user, name),"
                              " KEY device_name_used (used),"
                              " KEY device_name_login (user, login))" INNODB_COUNTED

                              "CREATE TABLE IF NOT EXISTS device_cursor ("
                              " user BIGINT NOT NULL,"
                              " device BIGINT NOT NULL,"
                              " chat BIGINT NOT NULL,"
                              " seq BIGINT NOT NULL,"
                              " mver BIGINT NOT NULL,"
                              " PRIMARY KEY (user, device, chat))" INNODB

                              "CREATE TABLE IF NOT EXISTS file ("
                              " id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,"
                              " fid VARBINARY(64) NOT NULL,"
                              " owner BIGINT NOT NULL,"
                              " size BIGINT NOT NULL,"
                              " kind INT NOT NULL,"
                              " mime VARBINARY(255) NOT NULL,"
                              " name VARBINARY(1024) NOT NULL,"
                              " sha256 VARBINARY(64) NOT NULL,"
                              " width BIGINT NOT NULL,"
                              " height BIGINT NOT NULL,"
                              " blur MEDIUMBLOB,"
                              " created BIGINT NOT NULL,"
                              " refs BIGINT NOT NULL,"
                              " expires BIGINT,"
                              " thumbs BIGINT NOT NULL DEFAULT 0,"
                              " UNIQUE KEY file_fid (fid),"
                              " KEY file_owner (owner, size),"
                              " KEY file_expires (expires),"
                              " KEY file_sha256 (sha256))" INNODB_COUNTED

                              "CREATE TABLE IF NOT EXISTS file_ref ("
                              " chat BIGINT NOT NULL,"
                              " seq BIGINT NOT NULL,"
                              " file BIGINT NOT NULL,"
                              " PRIMARY KEY (chat, seq, file),"
                              " KEY file_ref_file (file, chat, seq),"
                              " KEY file_ref_icon (file, seq))" INNODB

                              "CREATE TABLE IF NOT EXISTS upload ("
                              " id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,"
                              " fid VARBINARY(64) NOT NULL,"
                              " owner BIGINT NOT NULL,"
                              " sha256 VARBINARY(64) NOT NULL,"
                              " size BIGINT NOT NULL,"
                              " name VARBINARY(1024) NOT NULL,"
                              " part_size BIGINT NOT NULL,"
                              " parts BLOB NOT NULL,"
                              " expires BIGINT NOT NULL,"
                              " UNIQUE KEY upload_fid (fid),"
                              " UNIQUE KEY upload_content (owner, sha256, size, name),"
                              " KEY upload_expires (expires))" INNODB_COUNTED

                              "CREATE TABLE IF NOT EXISTS object ("
                              " fid VARBINARY(64) NOT NULL PRIMARY KEY,"
                              " name VARBINARY(64) NOT NULL,"
                              " state INT NOT NULL,"
                              " forms BIGINT NOT NULL,"
                              " size BIGINT NOT NULL,"
                              " due BIGINT NOT NULL,"
                              " KEY object_name (name),"
                              " KEY object_due (state, due))" INNODB

                              "CREATE TABLE IF NOT EXISTS sticker_pack ("
                              " id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,"
                              " owner BIGINT NOT NULL,"
                              " name VARBINARY(1024) NOT NULL,"
                              " icon BIGINT NOT NULL,"
                              " shared INT NOT NULL,"
                              " created BIGINT NOT NULL,"
                              " KEY sticker_pack_owner (owner),"
                              " KEY sticker_pack_shared (shared, id))" INNODB_COUNTED

                              "CREATE TABLE IF NOT EXISTS sticker ("
                              " pack BIGINT NOT NULL,"
                              " place BIGINT NOT NULL,"
                              " name VARBINARY(1024) NOT NULL,"
                              " file BIGINT NOT NULL,"
                              " PRIMARY KEY (pack, place))" INNODB

                              "CREATE TABLE IF NOT EXISTS user_pack ("
                              " user BIGINT NOT NULL,"
                              " pack BIGINT NOT NULL,"
                              " place BIGINT NOT NULL,"
                              " PRIMARY KEY (user, pack),"
                              " KEY user_pack_pack (pack))" INNODB

                              "INSERT IGNORE INTO counter (name, value) VALUES ('group', 999);"
                              "INSERT IGNORE INTO meta (name, value) VALUES ('marks', '0');";

/* Many nodes: store/journal.h, store/node.h. */
const char schema_mysql_5[] = "CREATE TABLE IF NOT EXISTS journal ("
                              " number BIGINT NOT NULL PRIMARY KEY,"
                              " node BIGINT NOT NULL,"
                              " mark VARBINARY(16) NOT NULL,"
                              " flags INT NOT NULL,"
                              " created BIGINT NOT NULL,"
                              " events LONGBLOB NOT NULL)" INNODB

                              "CREATE TABLE IF NOT EXISTS node ("
                              " id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,"
                              " name VARBINARY(64) NOT NULL,"
                              " seen BIGINT NOT NULL)" INNODB_COUNTED

                              "INSERT IGNORE INTO counter (name, value) VALUES ('commit', 0);";
