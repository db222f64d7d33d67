/* query.c: the text of every statement.
 * Kept to what SQLite and MySQL 8 both take: positional parameters, INSTR
 * instead of LIKE (no wildcards to escape), no upserts but where they pay.
 * Where they differ the difference is a second column here, never an `if`
 * in a query. Times are Unix milliseconds. */
#include "store/query.h"

#define USER_COLUMNS "id, email, uname, avatar, created, deleted"
#define GROUP_COLUMNS                                                                                                  \
    "c.id, c.name, c.icon, c.memo, c.owner, u.email, c.created, c.join_mode, c.size, c.notice, c.silenced,"            \
    " COALESCE(c.whole_history, -1)"
#define GROUP_ALIVE "c.kind = 11 AND c.dismissed = 0"
#define GROUP_MEMBER_COLUMNS "m.user, u.email, u.uname, u.avatar, m.role, m.silenced, m.created"
/* An edited text may have moved (store/change.c): what m.content holds is not always what the message says. */
#define MESSAGE_TEXT                                                                                                   \
    " CASE WHEN m.flags & 8 THEN (SELECT e.content FROM edition e WHERE e.message = m.id) ELSE m.content END"
#define MESSAGE_COLUMNS                                                                                                \
    "m.id, m.chat, m.seq, m.sender, m.type, m.created," MESSAGE_TEXT ", u.email,"                                      \
    " m.state, m.flags, m.cid, m.digest, m.attrs, m.expires"
#define MUTATION_COLUMNS                                                                                               \
    "n.id, n.chat, n.mver, n.cmd, n.seq, n.actor, n.created, n.turned_on, n.detail, n.seqs, u.email"                   \
    " FROM mutation n LEFT JOIN user u ON u.id = n.actor"
#define REQUEST_COLUMNS "id, sender, receiver, content, state, told, created"
#define REQUEST_SHOWN                                                                                                  \
    "r.id, r.sender, r.receiver, r.content, r.state, r.told, r.created, u.id, u.email, u.uname, u.avatar, u.created,"  \
    " u.deleted"
/* Of packs p. */
#define PACK_COLUMNS                                                                                                   \
    "p.id, p.owner, u.email, p.name, p.icon, f.fid, p.shared, p.created,"                                              \
    " (SELECT COUNT(*) FROM sticker s WHERE s.pack = p.id)"
#define PACK_TABLES "sticker_pack p JOIN file f ON f.id = p.icon LEFT JOIN user u ON u.id = p.owner"
#define FILE_COLUMNS                                                                                                   \
    "id, fid, owner, size, kind, mime, name, sha256, width, height, blur, thumbs, created, COALESCE(expires, 0)"
/* The references first, in their order: those of a chat are few beside its messages. */
#define FILE_SHOWN                                                                                                     \
    "SELECT r.seq, m.type, m.state, EXISTS (SELECT 1 FROM hidden h"                                                    \
    " WHERE h.user = ? AND h.chat = r.chat AND h.seq = r.seq)"                                                         \
    " FROM file_ref r LEFT JOIN message m ON m.chat = r.chat AND m.seq = r.seq"                                        \
    " WHERE r.chat = ? AND r.seq >= ? AND r.seq < ? ORDER BY r.seq"
#define UPLOAD_COLUMNS "id, fid, owner, sha256, size, name, part_size, parts, expires"
#define MESSAGE_TABLES "message m LEFT JOIN user u ON u.id = m.sender"
/* QUERY_BATCH of them. */
#define EIGHT_VALUES "?, ?, ?, ?, ?, ?, ?, ?"
#define BATCH_OF_VALUES EIGHT_VALUES ", " EIGHT_VALUES ", " EIGHT_VALUES ", " EIGHT_VALUES
/* QUERY_LOOKS of these, each a table with a name of its own. */
#define ONE_LOOK(name)                                                                                                 \
    "SELECT * FROM (SELECT chat, seq, id FROM message WHERE chat = ? AND seq > ? AND seq <= ? ORDER BY seq LIMIT ?)"   \
    " AS " name
#define NEXT_LOOK(name) " UNION ALL " ONE_LOOK(name)
#define MESSAGE_INSERT                                                                                                 \
    "INSERT INTO message (id, chat, seq, sender, type, created, content, cid, digest, attrs, expires)"                 \
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
/* What one user may see: not below a seq, and nothing he deleted for himself. */
#define MESSAGE_VIEW                                                                                                   \
    "SELECT " MESSAGE_COLUMNS " FROM " MESSAGE_TABLES " WHERE m.chat = ? AND m.seq >= ? AND m.seq < ?"                 \
    " AND NOT EXISTS (SELECT 1 FROM hidden h WHERE h.user = ? AND h.chat = m.chat AND h.seq = m.seq)"
/* LOWER of a binary string does nothing; and an accent is no letter less here than in SQLite. */
#define MYSQL_FOUND_IN(name)                                                                                           \
    "INSTR(CAST(LOWER(CONVERT(" name " USING utf8mb4)) AS BINARY),"                                                    \
    " CAST(LOWER(CONVERT(? USING utf8mb4)) AS BINARY)) > 0"
#define MYSQL_FARTHER " ON DUPLICATE KEY UPDATE seq = GREATEST(delivered.seq, VALUES(seq))"
/* The database's own clock. */
#define SQLITE_NOW_MS "CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER)"
#define MYSQL_NOW_MS "CAST(UNIX_TIMESTAMP(NOW(3)) * 1000 AS SIGNED)"
#define GROUP_TABLES "chat c LEFT JOIN user u ON u.id = c.owner"

const char *const query_text[QUERIES][SQL_DIALECTS] = {
    [QUERY_META_GET] = { "SELECT value FROM meta WHERE name = ?" },
    [QUERY_META_DELETE] = { "DELETE FROM meta WHERE name = ?" },
    [QUERY_META_INSERT] = { "INSERT INTO meta (name, value) VALUES (?, ?)" },

    [QUERY_USER_BY_ID] = { "SELECT " USER_COLUMNS " FROM user WHERE id = ?" },
    [QUERY_USER_BY_EMAIL] = { "SELECT " USER_COLUMNS " FROM user WHERE email_key = ?" },
    /* Answered by the index alone. */
    [QUERY_USER_ID_BY_EMAIL] = { "SELECT id FROM user WHERE email_key = ?" },
    [QUERY_USER_PASSWORD] = { "SELECT password FROM user WHERE id = ? AND deleted = 0" },
    [QUERY_USER_INSERT] = { "INSERT INTO user (email, email_key, uname, avatar, password, created, deleted)"
                            " VALUES (?, ?, ?, ?, ?, ?, 0)" },
    [QUERY_USER_SET_PROFILE] = { "UPDATE user SET uname = ?, avatar = ? WHERE id = ? AND deleted = 0" },
    [QUERY_USER_SET_PASSWORD] = { "UPDATE user SET password = ? WHERE id = ? AND deleted = 0" },
    [QUERY_USER_SEARCH] = { "SELECT " USER_COLUMNS " FROM user WHERE deleted = 0"
                            " AND (INSTR(email_key, ?) > 0 OR INSTR(LOWER(uname), ?) > 0) ORDER BY id LIMIT ?",
                            "SELECT " USER_COLUMNS " FROM user WHERE deleted = 0"
                            " AND (INSTR(email_key, ?) > 0 OR " MYSQL_FOUND_IN("uname") ") ORDER BY id LIMIT ?" },
    [QUERY_USER_PAGE] = { "SELECT " USER_COLUMNS " FROM user WHERE id > ? AND deleted = 0 ORDER BY id LIMIT ?" },
    /* The key goes with the account, so that nobody's address can stand in a deletion's way. */
    [QUERY_USER_DELETE] = { "UPDATE user SET email = ?, email_key = NULL, uname = NULL, avatar = NULL, password = '',"
                            " deleted = ? WHERE id = ? AND deleted = 0" },
    [QUERY_USER_DELETE_DEVICES] = { "DELETE FROM device WHERE user = ?" },
    [QUERY_USER_DELETE_CONTACTS] = { "DELETE FROM contact WHERE owner = ?" },
    [QUERY_USER_DELETE_CONTACTS_TO] = { "DELETE FROM contact WHERE peer = ?" },
    [QUERY_USER_DELETE_MEMBERSHIPS] = { "DELETE FROM member WHERE user = ?" },
    [QUERY_USER_DELETE_CURSORS] = { "DELETE FROM delivered WHERE user = ?" },
    [QUERY_USER_DELETE_DEVICE_NAMES] = { "DELETE FROM device_name WHERE user = ?" },
    [QUERY_USER_DELETE_DEVICE_CURSORS] = { "DELETE FROM device_cursor WHERE user = ?" },
    [QUERY_USER_DELETE_MENTIONS] = { "DELETE FROM mention WHERE user = ?" },
    [QUERY_USER_DELETE_HIDDEN] = { "DELETE FROM hidden WHERE user = ?" },
    [QUERY_USER_DELETE_APPLICATIONS] = { "DELETE FROM applicant WHERE user = ?" },
    [QUERY_USER_DELETE_BLOCKS] = { "DELETE FROM block WHERE owner = ?" },
    [QUERY_USER_DELETE_BLOCKS_OF] = { "DELETE FROM block WHERE peer = ?" },
    [QUERY_USER_DELETE_PACKS] = { "DELETE FROM user_pack WHERE user = ?" },
    [QUERY_USER_DELETE_REQUESTS] = { "DELETE FROM contact_request WHERE sender = ?" },
    [QUERY_USER_DELETE_REQUESTS_TO] = { "DELETE FROM contact_request WHERE receiver = ?" },
    [QUERY_USER_SEEN] = { "SELECT seen FROM user WHERE id = ?" },
    [QUERY_USER_SET_SEEN] = { "UPDATE user SET seen = ? WHERE id = ? AND seen < ?" },

    [QUERY_DEVICE_INSERT] = { "INSERT INTO device (user, token_hash, created, used) VALUES (?, ?, ?, ?)" },
    [QUERY_DEVICE_COPY_CURSORS] = { "INSERT INTO delivered (user, chat, device, seq)"
                                    " SELECT user, chat, ?, MAX(seq) FROM"
                                    " (SELECT user, chat, seq FROM delivered WHERE user = ?"
                                    " UNION ALL SELECT user, chat, seq FROM device_cursor WHERE user = ? AND chat > 0) "
                                    "o"
                                    " GROUP BY user, chat" },
    [QUERY_DEVICE_BY_TOKEN] = { "SELECT id, user, created, used FROM device WHERE token_hash = ?" },
    [QUERY_DEVICE_GET] = { "SELECT id, user, created, used FROM device WHERE id = ?" },
    [QUERY_DEVICE_TOUCH] = { "UPDATE device SET used = ? WHERE id = ? AND used < ?" },
    [QUERY_DEVICE_FOLD_CURSORS] = { "INSERT INTO delivered (user, chat, device, seq)"
                                    " SELECT d.user, d.chat, 0, d.seq FROM device v JOIN delivered d"
                                    " ON d.user = v.user AND d.device = v.id WHERE v.id = ?"
                                    " ON CONFLICT (user, chat, device) DO UPDATE SET seq = excluded.seq"
                                    " WHERE excluded.seq > delivered.seq",
                                    "INSERT INTO delivered (user, chat, device, seq)"
                                    " SELECT d.user, d.chat, 0, d.seq FROM device v JOIN delivered d"
                                    " ON d.user = v.user AND d.device = v.id WHERE v.id = ?" MYSQL_FARTHER },
    [QUERY_DEVICE_DELETE_CURSORS] = { "DELETE FROM delivered WHERE device = ?"
                                      " AND user = (SELECT user FROM device WHERE id = ?)" },
    [QUERY_DEVICE_DELETE] = { "DELETE FROM device WHERE id = ?" },
    [QUERY_DEVICE_BEYOND] = { "SELECT id, user FROM device WHERE user = ?"
                              " ORDER BY used DESC, id DESC LIMIT 1 OFFSET ?" },
    [QUERY_DEVICE_OTHER] = { "SELECT id, user FROM device WHERE user = ? AND id <> ? LIMIT 1" },
    [QUERY_DEVICE_LIST] = { "SELECT n.id, n.name, d.id, n.created, n.used FROM device_name n"
                            " JOIN device d ON d.id = n.login WHERE n.user = ?"
                            " UNION ALL SELECT 0, NULL, d.id, d.created, d.used FROM device d WHERE d.user = ?"
                            " AND NOT EXISTS (SELECT 1 FROM device_name n WHERE n.user = d.user AND n.login = d.id)"
                            " ORDER BY 5 DESC, 3 DESC, 1 DESC" },
    [QUERY_DEVICE_IDLE] = { "SELECT id, user FROM device WHERE used < ? ORDER BY used LIMIT 1" },

    [QUERY_CONTACT_EXISTS] = { "SELECT 1 FROM contact WHERE owner = ? AND peer = ?" },
    [QUERY_CONTACT_INSERT] = { "INSERT INTO contact (owner, peer, created) VALUES (?, ?, ?)" },
    [QUERY_CONTACT_DELETE] = { "DELETE FROM contact WHERE owner = ? AND peer = ?" },
    [QUERY_CONTACT_LIST] = { "SELECT u.id, u.email, u.uname, u.avatar, u.created, u.deleted, c.remark, c.tags,"
                             " b.owner IS NOT NULL, r.owner IS NOT NULL"
                             " FROM contact c JOIN user u ON u.id = c.peer"
                             " LEFT JOIN block b ON b.owner = c.owner AND b.peer = c.peer"
                             " LEFT JOIN block r ON r.owner = c.peer AND r.peer = c.owner"
                             " WHERE c.owner = ? ORDER BY c.created, c.peer" },
    [QUERY_CONTACT_UNBLOCKED] = { "SELECT peer FROM contact c WHERE owner = ?"
                                  " AND NOT EXISTS (SELECT 1 FROM block b WHERE b.owner = c.owner AND b.peer = c.peer)"
                                  " ORDER BY peer" },
    [QUERY_CONTACT_NOTE] = { "SELECT remark, tags FROM contact WHERE owner = ? AND peer = ?" },
    [QUERY_CONTACT_SET_NOTE] = { "UPDATE contact SET remark = ?, tags = ? WHERE owner = ? AND peer = ?" },

    [QUERY_REQUEST_INSERT] = { "INSERT INTO contact_request (sender, receiver, content, state, told, created, changed)"
                               " VALUES (?, ?, ?, 0, 1, ?, ?)" },
    [QUERY_REQUEST_BY_ID] = { "SELECT " REQUEST_COLUMNS " FROM contact_request WHERE id = ?" },
    [QUERY_REQUEST_BETWEEN] = { "SELECT " REQUEST_COLUMNS " FROM contact_request WHERE sender = ? AND receiver = ?" },
    [QUERY_REQUEST_REPEAT] = { "UPDATE contact_request SET content = ?, told = told + 1, changed = ? WHERE id = ?" },
    [QUERY_REQUEST_SET_STATE] = { "UPDATE contact_request SET state = ?, changed = ? WHERE id = ?" },
    [QUERY_REQUEST_DELETE] = { "DELETE FROM contact_request WHERE id = ?" },
    [QUERY_REQUEST_WAITING] = { "SELECT COUNT(*) FROM contact_request WHERE sender = ? AND state = 0" },
    /* What one's block hides from oneself stays in the other's list (store/contact_request.h). */
    [QUERY_REQUEST_PAGE] = { "SELECT * FROM (SELECT " REQUEST_SHOWN " FROM contact_request r JOIN user u"
                             " ON u.id = r.receiver WHERE r.sender = ? AND r.id < ? AND r.state <> 3"
                             " ORDER BY r.id DESC LIMIT ?)"
                             " UNION ALL SELECT * FROM (SELECT " REQUEST_SHOWN " FROM contact_request r JOIN user u"
                             " ON u.id = r.sender WHERE r.receiver = ? AND r.id < ? AND r.state <> 4"
                             " ORDER BY r.id DESC LIMIT ?) ORDER BY 1 DESC LIMIT ?",
                             "(SELECT " REQUEST_SHOWN " FROM contact_request r JOIN user u"
                             " ON u.id = r.receiver WHERE r.sender = ? AND r.id < ? AND r.state <> 3"
                             " ORDER BY r.id DESC LIMIT ?)"
                             " UNION ALL (SELECT " REQUEST_SHOWN " FROM contact_request r JOIN user u"
                             " ON u.id = r.sender WHERE r.receiver = ? AND r.id < ? AND r.state <> 4"
                             " ORDER BY r.id DESC LIMIT ?) ORDER BY 1 DESC LIMIT ?" },

    [QUERY_COUNTER_TAKE] = { "UPDATE counter SET value = value + 1 WHERE name = ?" },
    [QUERY_COUNTER_RAISE] = { "UPDATE counter SET value = ? WHERE name = ? AND value < ?" },
    [QUERY_COUNTER_GET] = { "SELECT value FROM counter WHERE name = ?" },
    /* Only stores that many nodes share have a journal; SQLite's texts are for tests. */
    [QUERY_JOURNAL_LOCK] = { "SELECT value FROM counter WHERE name = 'commit'",
                             "SELECT value FROM counter WHERE name = 'commit' FOR UPDATE" },
    [QUERY_JOURNAL_NUMBER] = { "SELECT value FROM counter WHERE name = 'commit'" },
    [QUERY_JOURNAL_NEXT] = { "UPDATE counter SET value = value + 1 WHERE name = 'commit' RETURNING value",
                             "UPDATE counter SET value = LAST_INSERT_ID(value + 1) WHERE name = 'commit'" },
    [QUERY_JOURNAL_INSERT] = { "INSERT INTO journal (number, node, mark, flags, created, events)"
                               " VALUES (?, ?, ?, ?, ?, ?)" },
    [QUERY_JOURNAL_READ] = { "SELECT number, node, flags, created, mark, events FROM journal WHERE number > ?"
                             " ORDER BY number LIMIT ?" },
    [QUERY_JOURNAL_MARK] = { "SELECT mark FROM journal WHERE number = ?" },
    [QUERY_JOURNAL_TOUCH] = { "UPDATE journal SET created = created + 1 WHERE number = ?" },
    [QUERY_JOURNAL_OLD] = { "SELECT number, created FROM journal ORDER BY number LIMIT 1 OFFSET ?" },
    [QUERY_JOURNAL_TRIM] = { "DELETE FROM journal WHERE number <= ?" },
    [QUERY_NODE_INSERT] = { "INSERT INTO node (name, seen) VALUES (?, " SQLITE_NOW_MS ")",
                            "INSERT INTO node (name, seen) VALUES (?, " MYSQL_NOW_MS ")" },
    [QUERY_NODE_RENEW] = { "UPDATE node SET seen = MAX(seen + 1, " SQLITE_NOW_MS ") WHERE id = ?",
                           "UPDATE node SET seen = GREATEST(seen + 1, " MYSQL_NOW_MS ") WHERE id = ?" },
    [QUERY_NODE_DELETE] = { "DELETE FROM node WHERE id = ?" },
    [QUERY_NODE_LIST] = { "SELECT id, name, " SQLITE_NOW_MS " - seen FROM node ORDER BY id",
                          "SELECT id, name, " MYSQL_NOW_MS " - seen FROM node ORDER BY id" },
    [QUERY_CHAT_INSERT] = { "INSERT INTO chat (id, kind, name, icon, memo, owner, created)"
                            " VALUES (?, ?, ?, ?, ?, ?, ?)" },
    [QUERY_GROUP_BY_ID] = { "SELECT " GROUP_COLUMNS " FROM " GROUP_TABLES " WHERE c.id = ? AND " GROUP_ALIVE },
    [QUERY_GROUP_SEARCH] = { "SELECT " GROUP_COLUMNS " FROM " GROUP_TABLES " WHERE " GROUP_ALIVE
                             " AND (INSTR(CAST(c.id AS CHAR), ?) > 0 OR INSTR(LOWER(c.name), ?) > 0)"
                             " ORDER BY c.id LIMIT ?",
                             "SELECT " GROUP_COLUMNS " FROM " GROUP_TABLES " WHERE " GROUP_ALIVE
                             " AND (INSTR(CAST(c.id AS BINARY), ?) > 0 OR " MYSQL_FOUND_IN(
                                 "c.name") ")"
                                           " ORDER BY c.id LIMIT ?" },
    [QUERY_GROUP_LIST] = { "SELECT " GROUP_COLUMNS ", m.role FROM member m JOIN " GROUP_TABLES
                           " WHERE m.user = ? AND c.id = m.chat AND " GROUP_ALIVE " ORDER BY c.id" },
    [QUERY_GROUP_PAGE] = { "SELECT " GROUP_COLUMNS " FROM " GROUP_TABLES " WHERE c.id > ? AND " GROUP_ALIVE
                           " ORDER BY c.id LIMIT ?" },
    [QUERY_GROUP_SIZE] = { "SELECT c.size FROM chat c WHERE c.id = ? AND " GROUP_ALIVE },
    [QUERY_GROUP_RESIZE] = { "UPDATE chat SET size = size + ? WHERE id = ?" },
    [QUERY_GROUP_SET] = { "UPDATE chat SET name = ?, icon = ?, memo = ?, join_mode = ?, whole_history = NULLIF(?, -1)"
                          " WHERE id = ?" },
    [QUERY_GROUP_SET_NOTICE] = { "UPDATE chat SET notice = ? WHERE id = ?" },
    [QUERY_GROUP_SET_SILENCED] = { "UPDATE chat SET silenced = ? WHERE id = ?" },
    [QUERY_GROUP_SET_OWNER] = { "UPDATE chat SET owner = ? WHERE id = ?" },
    [QUERY_GROUP_DISMISS] = { "UPDATE chat SET dismissed = ?, size = 0 WHERE id = ? AND dismissed = 0" },
    [QUERY_GROUP_DELETE_MEMBERS] = { "DELETE FROM member WHERE chat = ?" },
    [QUERY_GROUP_DELETE_APPLICANTS] = { "DELETE FROM applicant WHERE chat = ?" },
    [QUERY_GROUP_DELETE_MENTIONS] = { "DELETE FROM mention WHERE chat = ?" },
    /* Which is found by its users alone. */
    [QUERY_GROUP_DELETE_CURSORS] = { "DELETE FROM delivered WHERE chat = ?"
                                     " AND user IN (SELECT m.user FROM member m WHERE m.chat = ?)",
                                     "DELETE d FROM member m JOIN delivered d ON d.user = m.user"
                                     " WHERE d.chat = ? AND m.chat = ?" },
    [QUERY_GROUP_MEMBERS] = { "SELECT " GROUP_MEMBER_COLUMNS " FROM member m CROSS JOIN user u ON u.id = m.user"
                              " WHERE m.chat = ? AND m.user > ? ORDER BY m.user LIMIT ?" },
    /* role > 0, word for word, is what the index of these few rows is for. */
    [QUERY_GROUP_STAFF] = { "SELECT user FROM member WHERE chat = ? AND role > 0" },
    [QUERY_GROUP_SUCCESSOR_ADMIN] = { "SELECT " GROUP_MEMBER_COLUMNS " FROM member m CROSS JOIN user u ON u.id = m.user"
                                      " WHERE m.chat = ? AND m.role > 0 AND m.user <> ?"
                                      " ORDER BY m.created, m.user LIMIT 1" },
    [QUERY_GROUP_SUCCESSOR] = { "SELECT " GROUP_MEMBER_COLUMNS " FROM member m CROSS JOIN user u ON u.id = m.user"
                                " WHERE m.chat = ? AND m.user = (SELECT n.user FROM member n"
                                " WHERE n.chat = ? AND n.user <> ? ORDER BY n.created, n.user LIMIT 1)" },
    [QUERY_APPLICANT_INSERT] = { "INSERT INTO applicant (chat, user, reason, created) VALUES (?, ?, ?, ?)" },
    [QUERY_APPLICANT_REASON] = { "UPDATE applicant SET reason = ? WHERE user = ? AND chat = ?" },
    [QUERY_APPLICANT_DELETE] = { "DELETE FROM applicant WHERE user = ? AND chat = ?" },
    [QUERY_APPLICANT_EXISTS] = { "SELECT 1 FROM applicant WHERE user = ? AND chat = ?" },
    [QUERY_APPLICANT_COUNT] = { "SELECT COUNT(*) FROM applicant WHERE chat = ?" },
    [QUERY_APPLICANT_LIST] = { "SELECT a.user, u.email, u.uname, u.avatar, a.reason, a.created"
                               " FROM applicant a CROSS JOIN user u ON u.id = a.user"
                               " WHERE a.chat = ? AND a.user > ? ORDER BY a.user LIMIT ?" },
    [QUERY_MEMBER_INSERT] = { "INSERT INTO member (user, chat, role, joined_seq, created) VALUES (?, ?, ?, ?, ?)" },
    [QUERY_MEMBER_DELETE] = { "DELETE FROM member WHERE user = ? AND chat = ?" },
    [QUERY_MEMBER_DELETE_CURSORS] = { "DELETE FROM delivered WHERE user = ? AND chat = ?" },
    [QUERY_MEMBER_DELETE_MENTIONS] = { "DELETE FROM mention WHERE user = ? AND chat = ?" },
    [QUERY_MEMBER_SET_ROLE] = { "UPDATE member SET role = ? WHERE user = ? AND chat = ?" },
    [QUERY_MEMBER_SET_SILENCED] = { "UPDATE member SET silenced = ? WHERE user = ? AND chat = ?" },
    [QUERY_MEMBER_SHARED] = { "SELECT 1 FROM member a JOIN member b ON b.user = ? AND b.chat = a.chat"
                              " WHERE a.user = ? LIMIT 1" },
    [QUERY_MEMBER_COUNT_UPTO] = { "SELECT COUNT(*) FROM (SELECT 1 FROM member WHERE chat = ? LIMIT ?) m" },
    [QUERY_MEMBER_GET] = { "SELECT role, joined_seq, read_seq, sent_seq, cleared_seq, pver, top, muted, silenced"
                           " FROM member WHERE user = ? AND chat = ?" },
    [QUERY_MEMBER_CHATS] = { "SELECT m.chat, m.joined_seq, m.cleared_seq, COALESCE(d.seq, -1),"
                             " (SELECT COALESCE(MAX(g.seq), 0) FROM message g WHERE g.chat = m.chat)"
                             " FROM member m LEFT JOIN delivered d"
                             " ON d.user = m.user AND d.chat = m.chat AND d.device = ?"
                             " WHERE m.user = ? ORDER BY m.chat",
                             /* MAX of a chat that changes from row to row would count through its index. */
                             "SELECT m.chat, m.joined_seq, m.cleared_seq, COALESCE(d.seq, -1),"
                             " COALESCE((SELECT g.seq FROM message g WHERE g.chat = m.chat"
                             " ORDER BY g.seq DESC LIMIT 1), 0)"
                             " FROM member m LEFT JOIN delivered d"
                             " ON d.user = m.user AND d.chat = m.chat AND d.device = ?"
                             " WHERE m.user = ? ORDER BY m.chat" },

    [QUERY_MESSAGE_HEAD] = { "SELECT COALESCE(MAX(seq), 0) FROM message WHERE chat = ?" },
    [QUERY_MESSAGE_LAST_ID] = { "SELECT COALESCE(MAX(id), 0) FROM message" },
    [QUERY_MESSAGE_INSERT] = { MESSAGE_INSERT, SQL_MAY_WAIT MESSAGE_INSERT },
    [QUERY_MESSAGE_BY_CID] = { "SELECT id, seq, created, digest FROM message"
                               " WHERE cid = ? AND chat = ? AND sender = ?" },
    [QUERY_MESSAGE_GET] = { "SELECT " MESSAGE_COLUMNS " FROM " MESSAGE_TABLES " WHERE m.chat = ? AND m.seq = ?" },
    [QUERY_MESSAGE_GET_SEQS] = { "SELECT " MESSAGE_COLUMNS " FROM " MESSAGE_TABLES
                                 " WHERE m.chat = ? AND m.seq IN (" BATCH_OF_VALUES ") ORDER BY m.seq" },
    [QUERY_MESSAGE_PAGE] = { "SELECT " MESSAGE_COLUMNS " FROM " MESSAGE_TABLES
                             " WHERE m.chat = ? AND m.seq < ? ORDER BY m.seq DESC LIMIT ?" },
    [QUERY_MESSAGE_PAGE_FROM] = { "SELECT " MESSAGE_COLUMNS " FROM " MESSAGE_TABLES
                                  " WHERE m.chat = ? AND m.seq >= ? ORDER BY m.seq LIMIT ?" },
    [QUERY_MESSAGE_VIEW_BEFORE] = { MESSAGE_VIEW " ORDER BY m.seq DESC LIMIT ?" },
    [QUERY_MESSAGE_VIEW_FROM] = { MESSAGE_VIEW " ORDER BY m.seq LIMIT ?" },
    [QUERY_MESSAGE_VIEW_V1] = { MESSAGE_VIEW " AND m.type <> 13 ORDER BY m.seq DESC LIMIT ?" },
    [QUERY_MESSAGE_CREATED] = { "SELECT seq, created FROM message WHERE chat = ? AND seq >= ? ORDER BY seq LIMIT 1" },
    [QUERY_MESSAGE_SENDER] = { "SELECT sender FROM message WHERE chat = ? AND seq = ?" },
    [QUERY_MESSAGE_GONE_COUNT] = { "SELECT COUNT(*) FROM message WHERE chat = ? AND seq > ? AND state <> 0",
                                   "SELECT COUNT(*) FROM message WHERE gone_chat = ? AND gone_seq > ?" },
    /* Answered by the index on (chat, seq) alone. */
    [QUERY_MESSAGE_LOOK] = { "SELECT seq, id FROM message WHERE chat = ? AND seq > ? AND seq <= ?"
                             " ORDER BY seq LIMIT ?" },
    [QUERY_MESSAGE_LOOKS] = { ONE_LOOK("a") NEXT_LOOK("b") NEXT_LOOK("c") NEXT_LOOK("d") NEXT_LOOK("e") NEXT_LOOK("f")
                                  NEXT_LOOK("g") NEXT_LOOK("h") NEXT_LOOK("i") NEXT_LOOK("j") NEXT_LOOK("k")
                                      NEXT_LOOK("l") NEXT_LOOK("m") NEXT_LOOK("n") NEXT_LOOK("o") NEXT_LOOK("p") },
    [QUERY_MESSAGE_BY_ID] = { "SELECT " MESSAGE_COLUMNS " FROM " MESSAGE_TABLES " WHERE m.id = ?" },
    [QUERY_MESSAGE_BY_IDS] = { "SELECT " MESSAGE_COLUMNS " FROM " MESSAGE_TABLES " WHERE m.id IN (" BATCH_OF_VALUES
                               ") ORDER BY m.id" },
    [QUERY_MESSAGE_AFTER] = { "SELECT " MESSAGE_COLUMNS " FROM " MESSAGE_TABLES
                              " WHERE m.id > ? ORDER BY m.id LIMIT ?" },
    [QUERY_MESSAGE_SET_CONTENT] = { "UPDATE message SET content = ? WHERE id = ?" },
    [QUERY_MESSAGE_SET_FLAGS] = { "UPDATE message SET flags = ? WHERE id = ?" },
    [QUERY_EDITION_SET] = { "UPDATE edition SET content = ? WHERE message = ?" },
    [QUERY_EDITION_EMPTY] = { "UPDATE edition SET message = NULL, content = '' WHERE message = ?" },
    [QUERY_EDITION_INSERT] = { "INSERT INTO edition (content, message) VALUES (?, ?)" },
    [QUERY_MESSAGE_WIPE] = { "UPDATE message SET state = ?, content = '', attrs = NULL, flags = 0, expires = NULL"
                             " WHERE id = ?",
                             "UPDATE message SET state = ?, content = '', attrs = NULL, flags = 0, expires = NULL,"
                             " gone_chat = chat, gone_seq = seq WHERE id = ?" },
    [QUERY_MESSAGE_EXPIRED] = { "SELECT " MESSAGE_COLUMNS " FROM " MESSAGE_TABLES
                                " WHERE m.expires IS NOT NULL AND m.expires <= ? ORDER BY m.expires LIMIT ?" },
    /* A device that is gone leaves what was delivered to its user's own row, device 0. */
    [QUERY_CURSOR_SAVE] = { "INSERT INTO delivered (user, chat, device, seq)"
                            " SELECT ?, ?, COALESCE((SELECT id FROM device WHERE id = ?), 0), ? WHERE 1"
                            " ON CONFLICT (user, chat, device) DO UPDATE SET seq = excluded.seq"
                            " WHERE excluded.seq > delivered.seq",
                            "INSERT INTO delivered (user, chat, device, seq)"
                            " SELECT ?, ?, COALESCE((SELECT id FROM device WHERE id = ?), 0), ? FROM "
                            "DUAL" MYSQL_FARTHER },

    [QUERY_MESSAGE_SENDERS] = { "SELECT id, chat, seq, sender FROM message WHERE id > ? ORDER BY id LIMIT ?" },
    [QUERY_PERSONAL_GET] = { "SELECT pver FROM user WHERE id = ?" },
    [QUERY_PERSONAL_NEXT] = { "UPDATE user SET pver = pver + 1 WHERE id = ?" },
    [QUERY_MEMBER_CHANGED] = { "UPDATE member SET pver = ? WHERE user = ? AND chat = ?" },
    [QUERY_MEMBER_MARK_READ] = { "UPDATE member SET read_seq = ?, pver = ? WHERE user = ? AND chat = ? AND read_seq < "
                                 "?" },
    [QUERY_MEMBER_MARK_SENT] = { "UPDATE member SET sent_seq = ?, read_seq = MAX(read_seq, ?)"
                                 " WHERE user = ? AND chat = ? AND sent_seq < ?",
                                 "UPDATE member SET sent_seq = ?, read_seq = GREATEST(read_seq, ?)"
                                 " WHERE user = ? AND chat = ? AND sent_seq < ?" },

    [QUERY_DEVICE_NAME_GET] = { "SELECT id, login, used FROM device_name WHERE user = ? AND name = ?" },
    [QUERY_DEVICE_NAME_INSERT] = { "INSERT INTO device_name (user, name, login, created, used) VALUES (?, ?, ?, ?, "
                                   "?)" },
    [QUERY_DEVICE_NAME_USE] = { "UPDATE device_name SET login = ?, used = ? WHERE id = ?" },
    [QUERY_DEVICE_NAME_BEYOND] = { "SELECT d.id, d.user FROM device_name d LEFT JOIN device v ON v.id = d.login"
                                   " WHERE d.user = ? ORDER BY MAX(d.used, COALESCE(v.used, 0)) DESC, d.id DESC"
                                   " LIMIT 1 OFFSET ?",
                                   "SELECT d.id, d.user FROM device_name d LEFT JOIN device v ON v.id = d.login"
                                   " WHERE d.user = ? ORDER BY GREATEST(d.used, COALESCE(v.used, 0)) DESC, d.id DESC"
                                   " LIMIT 1 OFFSET ?" },
    [QUERY_DEVICE_NAME_IDLE] = { "SELECT d.id, d.user FROM device_name d WHERE d.used < ? AND NOT EXISTS"
                                 " (SELECT 1 FROM device v WHERE v.id = d.login AND v.used >= ?)"
                                 " ORDER BY d.used LIMIT 1" },
    [QUERY_DEVICE_NAME_FOLD] = { "INSERT INTO delivered (user, chat, device, seq)"
                                 " SELECT user, chat, 0, seq FROM device_cursor"
                                 " WHERE user = ? AND device = ? AND chat > 0"
                                 " ON CONFLICT (user, chat, device) DO UPDATE SET seq = excluded.seq"
                                 " WHERE excluded.seq > delivered.seq",
                                 "INSERT INTO delivered (user, chat, device, seq)"
                                 " SELECT user, chat, 0, seq FROM device_cursor c"
                                 " WHERE c.user = ? AND c.device = ? AND c.chat > 0" MYSQL_FARTHER },
    [QUERY_DEVICE_NAME_DELETE_CURSORS] = { "DELETE FROM device_cursor WHERE user = ? AND device = ?" },
    [QUERY_DEVICE_NAME_DELETE] = { "DELETE FROM device_name WHERE id = ?" },
    [QUERY_DEVICE_CURSOR_GONE] = { "DELETE FROM device_cursor WHERE user = ? AND device = ? AND chat <> 0 AND NOT "
                                   "EXISTS"
                                   " (SELECT 1 FROM member m WHERE m.user = device_cursor.user"
                                   " AND m.chat = device_cursor.chat)" },
    [QUERY_MEMBER_IDS] = { "SELECT chat FROM member WHERE user = ? ORDER BY chat" },
    [QUERY_MEMBER_STATES] = { "SELECT chat, role, joined_seq, read_seq, sent_seq, cleared_seq, pver, top, muted,"
                              " silenced FROM member WHERE user = ? AND chat > ? ORDER BY chat" },
    [QUERY_MEMBER_DRAFT] = { "SELECT COALESCE(draft, '') FROM member WHERE user = ? AND chat = ?" },
    [QUERY_MEMBER_SET] = { "UPDATE member SET top = ?, muted = ?, cleared_seq = ?, pver = ?"
                           " WHERE user = ? AND chat = ?" },
    [QUERY_MEMBER_SET_DRAFT] = { "UPDATE member SET draft = ? WHERE user = ? AND chat = ?" },
    /* When something was last said, or when the member came where nothing was. */
    [QUERY_MEMBER_ACTIVITY] = { "SELECT m.chat, m.role, m.joined_seq, m.read_seq, m.sent_seq, m.cleared_seq, m.pver,"
                                " m.top, m.muted, m.silenced, COALESCE((SELECT g.created FROM message g"
                                " WHERE g.chat = m.chat ORDER BY g.seq DESC LIMIT 1), m.created - 1000000000000000)"
                                " FROM member m WHERE m.user = ?" },
    [QUERY_MEMBER_READERS] = { "SELECT u.id, u.email, u.uname, u.avatar FROM member m JOIN user u ON u.id = m.user"
                               " WHERE m.chat = ? AND m.user > ? AND m.read_seq >= ? AND m.user <> ?"
                               " ORDER BY m.user LIMIT ?" },
    [QUERY_MEMBER_READERS_COUNT] = { "SELECT COUNT(*) FROM member WHERE chat = ? AND read_seq >= ? AND user <> ?" },
    [QUERY_DEVICE_CURSORS] = { "SELECT chat, seq, mver FROM device_cursor WHERE user = ? AND device = ?"
                               " ORDER BY chat" },
    [QUERY_DEVICE_CURSOR_SAVE] = { "INSERT INTO device_cursor (user, device, chat, seq, mver)"
                                   " SELECT ?, ?, ?, ?, ? WHERE EXISTS (SELECT 1 FROM device_name WHERE id = ?)"
                                   " ON CONFLICT (user, device, chat) DO UPDATE SET"
                                   " seq = MAX(device_cursor.seq, excluded.seq),"
                                   " mver = MAX(device_cursor.mver, excluded.mver)",
                                   "INSERT INTO device_cursor (user, device, chat, seq, mver)"
                                   " SELECT ?, ?, ?, ?, ? FROM DUAL WHERE EXISTS (SELECT 1 FROM device_name WHERE id = "
                                   "?)"
                                   " ON DUPLICATE KEY UPDATE seq = GREATEST(device_cursor.seq, VALUES(seq)),"
                                   " mver = GREATEST(device_cursor.mver, VALUES(mver))" },

    [QUERY_BLOCK_EXISTS] = { "SELECT 1 FROM block WHERE owner = ? AND peer = ?" },
    [QUERY_BLOCK_INSERT] = { "INSERT INTO block (owner, peer, created) VALUES (?, ?, ?)" },
    [QUERY_BLOCK_DELETE] = { "DELETE FROM block WHERE owner = ? AND peer = ?" },
    [QUERY_BLOCK_COUNT] = { "SELECT COUNT(*) FROM block WHERE owner = ?" },
    [QUERY_BLOCK_LIST] = { "SELECT u.id, u.email, u.uname, u.avatar, u.created, u.deleted"
                           " FROM block b JOIN user u ON u.id = b.peer"
                           " WHERE b.owner = ? ORDER BY b.created DESC, b.peer DESC" },
    [QUERY_BLOCK_OWNERS] = { "SELECT owner FROM block WHERE peer = ? ORDER BY owner" },

    [QUERY_MUTATION_HEAD] = { "SELECT COALESCE(MAX(mver), 0) FROM mutation WHERE chat = ?" },
    [QUERY_MUTATION_INSERT] = { "INSERT INTO mutation (chat, mver, cmd, seq, actor, created, turned_on, detail, seqs)"
                                " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)" },
    [QUERY_MUTATION_PAGE] = { "SELECT " MUTATION_COLUMNS " WHERE n.chat = ? AND n.mver > ? ORDER BY n.mver LIMIT ?" },
    [QUERY_MUTATION_AFTER] = { "SELECT " MUTATION_COLUMNS " WHERE n.id > ? ORDER BY n.id LIMIT ?" },

    [QUERY_GROUP_STATE] = { "SELECT silenced, dismissed, COALESCE(whole_history, -1) FROM chat WHERE id = ? AND kind = "
                            "11" },
    [QUERY_HIDDEN_EXISTS] = { "SELECT 1 FROM hidden WHERE user = ? AND chat = ? AND seq = ?" },
    [QUERY_HIDDEN_ANY] = { "SELECT 1 FROM hidden WHERE user = ? LIMIT 1" },
    [QUERY_HIDDEN_INSERT] = { "INSERT INTO hidden (user, chat, seq, pver) VALUES (?, ?, ?, ?)" },
    [QUERY_HIDDEN_AFTER] = { "SELECT seq, pver FROM hidden WHERE user = ? AND chat = ? AND pver > ?"
                             " ORDER BY pver, seq LIMIT ?" },
    [QUERY_MENTION_INSERT] = { "INSERT INTO mention (user, chat, seq) VALUES (?, ?, ?)" },
    [QUERY_MENTION_DELETE_ALL] = { "DELETE FROM mention WHERE chat = ? AND seq = ?" },

    [QUERY_REACTION_EXISTS] = { "SELECT 1 FROM reaction WHERE chat = ? AND seq = ? AND emoji = ? AND user = ?" },
    [QUERY_REACTION_INSERT] = { "INSERT INTO reaction (chat, seq, emoji, user, mver) VALUES (?, ?, ?, ?, ?)" },
    [QUERY_REACTION_DELETE] = { "DELETE FROM reaction WHERE chat = ? AND seq = ? AND emoji = ? AND user = ?" },
    [QUERY_REACTION_DELETE_SOME] = { "DELETE FROM reaction WHERE chat = ? AND seq = ? AND (emoji, user) IN"
                                     " (SELECT emoji, user FROM reaction WHERE chat = ? AND seq = ? LIMIT ?)",
                                     "DELETE FROM reaction WHERE chat = ? AND seq = ? AND chat = ? AND seq = ? LIMIT "
                                     "?" },
    [QUERY_REACTION_GONE_INSERT] = { "INSERT INTO reaction_gone (chat, seq) VALUES (?, ?)" },
    [QUERY_REACTION_GONE_DELETE] = { "DELETE FROM reaction_gone WHERE chat = ? AND seq = ?" },
    [QUERY_REACTION_GONE_NEXT] = { "SELECT chat, seq FROM reaction_gone LIMIT 1" },
    [QUERY_REACTION_USERS] = { "SELECT u.email FROM reaction r LEFT JOIN user u ON u.id = r.user"
                               " WHERE r.chat = ? AND r.seq = ? AND r.emoji = ? ORDER BY r.mver LIMIT ?" },
    [QUERY_REACTION_COUNT_USER] = { "SELECT COUNT(*) FROM reaction_kind k JOIN reaction r"
                                    " ON r.chat = k.chat AND r.seq = k.seq AND r.emoji = k.emoji AND r.user = ?"
                                    " WHERE k.chat = ? AND k.seq = ?" },
    [QUERY_REACTION_KINDS] = { "SELECT emoji, users FROM reaction_kind WHERE chat = ? AND seq = ? ORDER BY mver" },
    [QUERY_REACTION_KIND_COUNT] = { "UPDATE reaction_kind SET users = users + ?"
                                    " WHERE chat = ? AND seq = ? AND emoji = ?" },
    [QUERY_REACTION_KIND_INSERT] = { "INSERT INTO reaction_kind (chat, seq, emoji, mver, users)"
                                     " VALUES (?, ?, ?, ?, 1)" },
    [QUERY_REACTION_KIND_DELETE] = { "DELETE FROM reaction_kind"
                                     " WHERE chat = ? AND seq = ? AND emoji = ? AND users = 0" },
    [QUERY_REACTION_KIND_DELETE_ALL] = { "DELETE FROM reaction_kind WHERE chat = ? AND seq = ?" },
    [QUERY_PIN_INSERT] = { "INSERT INTO pin (chat, seq, actor, created) VALUES (?, ?, ?, ?)" },
    [QUERY_PIN_DELETE] = { "DELETE FROM pin WHERE chat = ? AND seq = ?" },
    [QUERY_PIN_COUNT] = { "SELECT COUNT(*) FROM pin WHERE chat = ?" },
    [QUERY_PIN_LIST] = { "SELECT " MESSAGE_COLUMNS " FROM pin p JOIN " MESSAGE_TABLES
                         " WHERE p.chat = ? AND m.chat = p.chat AND m.seq = p.seq"
                         " ORDER BY p.created DESC, p.seq DESC LIMIT ?" },

    [QUERY_MENTION_NEXT] = { "SELECT COALESCE(MIN(x.seq), 0) FROM mention x JOIN message g"
                             " ON g.chat = x.chat AND g.seq = x.seq"
                             " WHERE x.user IN (?, 0) AND x.chat = ? AND x.seq > ? AND g.state = 0" },
    /* A file with an expiry is referred to by nothing. */
    [QUERY_FILE_INSERT] = { "INSERT INTO file (fid, owner, size, kind, mime, name, sha256, width, height, blur, "
                            "thumbs, created, refs, expires) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, ?)" },
    [QUERY_FILE_BY_FID] = { "SELECT " FILE_COLUMNS " FROM file WHERE fid = ? AND (expires IS NULL OR expires > ?)" },
    [QUERY_FILE_EXISTS] = { "SELECT 1 FROM file WHERE fid = ?" },
    [QUERY_FILE_OWN_WITH] = { "SELECT " FILE_COLUMNS " FROM file WHERE sha256 = ? AND owner = ?"
                              " AND (expires IS NULL OR expires > ?) ORDER BY id DESC LIMIT ?" },
    [QUERY_FILE_ANY_WITH] = { "SELECT " FILE_COLUMNS " FROM file WHERE sha256 = ? AND owner <> ?"
                              " AND (expires IS NULL OR expires > ?) ORDER BY id DESC LIMIT ?" },
    [QUERY_FILE_KEEP] = { "UPDATE file SET expires = CASE WHEN expires < ? THEN ? ELSE expires END"
                          " WHERE id = ? AND (expires IS NULL OR expires > ?)" },
    [QUERY_FILE_USAGE] = { "SELECT (SELECT COALESCE(SUM(size), 0) FROM file WHERE owner = ?)"
                           " + (SELECT COALESCE(SUM(size), 0) FROM upload WHERE owner = ?)" },
    [QUERY_FILE_COUNT] = { "SELECT COUNT(*) FROM file" },
    /* Avatars, stickers of shared packs and of one's own, icons. A sticker that was sent a million times has as many references: none
     * of the three looks at those. */
    [QUERY_FILE_PUBLIC] = { "SELECT 1 FROM file_ref WHERE file = ? AND chat = 0"
                            " UNION ALL SELECT 1 FROM file_ref r JOIN sticker_pack p ON p.id = -r.chat"
                            " WHERE r.file = ? AND r.chat < 0 AND (p.shared = 1 OR p.owner = ?)"
                            " UNION ALL SELECT 1 FROM file_ref WHERE file = ? AND seq = 0 LIMIT 1" },
    /* One look into the index for each chat, however often it stands there. */
    [QUERY_FILE_PLACES] = { "SELECT chat, seq FROM (SELECT m.chat AS chat, (SELECT MAX(r.seq) FROM file_ref r"
                            " WHERE r.file = ? AND r.chat = m.chat AND r.seq > 0) AS seq"
                            " FROM member m WHERE m.user = ?) x WHERE seq IS NOT NULL LIMIT ?",
                            "SELECT chat, seq FROM (SELECT m.chat AS chat, (SELECT r.seq FROM file_ref r"
                            " WHERE r.file = ? AND r.chat = m.chat AND r.seq > 0 ORDER BY r.seq DESC LIMIT 1) AS seq"
                            " FROM member m WHERE m.user = ?) x WHERE seq IS NOT NULL LIMIT ?" },
    [QUERY_FILE_REF_INSERT] = { "INSERT INTO file_ref (chat, seq, file) VALUES (?, ?, ?)" },
    [QUERY_FILE_USED] = { "UPDATE file SET refs = refs + 1, expires = NULL WHERE id = ?" },
    /* The expiry first: MySQL sets from left to right. */
    [QUERY_FILE_UNUSED] = { "UPDATE file SET expires = CASE WHEN refs <= 1 THEN ? ELSE expires END, refs = refs - 1"
                            " WHERE id IN (SELECT file FROM file_ref WHERE chat = ? AND seq = ?)",
                            "UPDATE file f JOIN file_ref r ON r.file = f.id"
                            " SET f.expires = CASE WHEN f.refs <= 1 THEN ? ELSE f.expires END, f.refs = f.refs - 1"
                            " WHERE r.chat = ? AND r.seq = ?" },
    [QUERY_FILE_REF_DELETE] = { "DELETE FROM file_ref WHERE chat = ? AND seq = ?" },
    [QUERY_FILE_SHOWN] = { FILE_SHOWN " DESC LIMIT ?" },
    [QUERY_FILE_SHOWN_UP] = { FILE_SHOWN " LIMIT ?" },
    [QUERY_FILE_EXPIRED] = { "SELECT id, fid FROM file WHERE expires IS NOT NULL AND expires <= ?"
                             " ORDER BY expires LIMIT ?" },
    [QUERY_FILE_DELETE] = { "DELETE FROM file WHERE id = ? AND refs = 0" },

    /* state: of enum object_state; all but THERE (2) are few, and in the index object_due. */
    [QUERY_OBJECT_WANT] = { "INSERT INTO object (fid, name, state, forms, size, due) VALUES (?, ?, 0, 0, ?, 0)" },
    [QUERY_OBJECT_WANT_ALL] = { "INSERT INTO object (fid, name, state, forms, size, due)"
                                " SELECT fid, fid, 0, 0, size, 0 FROM file f"
                                " WHERE NOT EXISTS (SELECT 1 FROM object o WHERE o.fid = f.fid)" },
    [QUERY_OBJECT_UNWANT_ALL] = { "DELETE FROM object WHERE state <> 2 AND state = 0" },
    [QUERY_OBJECT_SHARE] = { "INSERT INTO object (fid, name, state, forms, size, due)"
                             " SELECT ?, name, 2, forms, size, 0 FROM object WHERE fid = ? AND state = 2" },
    [QUERY_OBJECT_OFFER] = { "INSERT INTO object (fid, name, state, forms, size, due) SELECT ?, ?, 4, 1, ?, ?"
                             " WHERE NOT EXISTS (SELECT 1 FROM object o WHERE o.fid = ?)",
                             "INSERT INTO object (fid, name, state, forms, size, due) SELECT ?, ?, 4, 1, ?, ?"
                             " FROM DUAL WHERE NOT EXISTS (SELECT 1 FROM object o WHERE o.fid = ?)" },
    [QUERY_OBJECT_OFFER_AGAIN] = { "UPDATE object SET due = ? WHERE fid = ? AND state = 4 AND due > ?" },
    [QUERY_OBJECT_NAMED] = { "SELECT 1 FROM object WHERE name = ? AND state < 3 LIMIT 1" },
    [QUERY_OBJECT_ARRIVE] = { "INSERT INTO object (fid, name, state, forms, size, due)"
                              " SELECT ?, name, 2, 1, size, 0 FROM object WHERE fid = ? AND state = 4 AND due > ?" },
    [QUERY_OBJECT_OFFERS] = { "SELECT COUNT(*), COALESCE(SUM(size), 0) FROM object WHERE fid > ? AND fid < ? AND fid "
                              "<> ?"
                              " AND NOT EXISTS (SELECT 1 FROM object o WHERE o.name = object.name AND o.state < 3)" },
    [QUERY_OBJECT_THERE] = { "SELECT fid, name, state, forms, size FROM object WHERE fid = ? AND state = 2" },
    [QUERY_OBJECT_ANY_THERE] = { "SELECT 1 FROM object WHERE state = 2 LIMIT 1" },
    [QUERY_OBJECT_ANY_LEFT] = { "SELECT 1 FROM object WHERE state <> 2 AND state <> 0 LIMIT 1" },
    [QUERY_OBJECT_DUE] = { "SELECT fid, name, state, forms, size FROM object WHERE state <> 2 AND due <= ?"
                           " ORDER BY due LIMIT ?" },
    [QUERY_OBJECT_WAITING] = { "SELECT COUNT(*), COALESCE(SUM(size), 0) FROM object WHERE state <> 2 AND state < 2" },
    [QUERY_OBJECT_SET] = { "UPDATE object SET state = ?, forms = ?, due = 0 WHERE fid = ? AND state = ?" },
    [QUERY_OBJECT_DELAY] = { "UPDATE object SET due = ? WHERE fid = ?" },
    [QUERY_OBJECT_CLAIM] = { "UPDATE object SET due = ? WHERE fid = ? AND due <= ?" },
    [QUERY_OBJECT_DELETE] = { "DELETE FROM object WHERE fid = ? AND state = ?" },
    [QUERY_OBJECT_DROP] = { "DELETE FROM object WHERE fid = (SELECT fid FROM file WHERE id = ? AND refs = 0)"
                            " AND (state = 0 OR EXISTS (SELECT 1 FROM object o"
                            " WHERE o.name = object.name AND o.fid <> object.fid AND o.state = 2))",
                            "DELETE o FROM file f JOIN object o ON o.fid = f.fid"
                            " LEFT JOIN object p ON p.name = o.name AND p.fid <> o.fid AND p.state = 2"
                            " WHERE f.id = ? AND f.refs = 0 AND (o.state = 0 OR p.fid IS NOT NULL)" },
    /* The due first: MySQL sets from left to right. */
    [QUERY_OBJECT_GONE] = { "UPDATE object SET due = CASE WHEN state = 1 THEN due ELSE 0 END, state = 3"
                            " WHERE fid = (SELECT fid FROM file WHERE id = ? AND refs = 0)" },

    [QUERY_UPLOAD_INSERT] = { "INSERT INTO upload (fid, owner, sha256, size, name, part_size, parts, expires)"
                              " VALUES (?, ?, ?, ?, ?, ?, ?, ?)" },
    [QUERY_UPLOAD_BY_FID] = { "SELECT " UPLOAD_COLUMNS " FROM upload WHERE fid = ?" },
    [QUERY_UPLOAD_WITH] = { "SELECT " UPLOAD_COLUMNS " FROM upload"
                            " WHERE owner = ? AND sha256 = ? AND size = ? AND name = ?" },
    [QUERY_UPLOAD_COUNT] = { "SELECT COUNT(*) FROM upload WHERE owner = ?" },
    [QUERY_UPLOAD_COUNT_ALL] = { "SELECT COUNT(*) FROM upload" },
    [QUERY_UPLOAD_SET] = { "UPDATE upload SET parts = ?, expires = ? WHERE id = ?" },
    [QUERY_UPLOAD_EXPIRED] = { "SELECT id, fid FROM upload WHERE expires <= ? ORDER BY expires LIMIT ?" },
    [QUERY_UPLOAD_DELETE] = { "DELETE FROM upload WHERE id = ? AND expires <= ?" },

    [QUERY_PACK_INSERT] = { "INSERT INTO sticker_pack (owner, name, icon, shared, created) VALUES (?, ?, ?, ?, ?)" },
    [QUERY_PACK_SET] = { "UPDATE sticker_pack SET owner = ?, name = ?, icon = ?, shared = ? WHERE id = ?" },
    [QUERY_PACK_DELETE] = { "DELETE FROM sticker_pack WHERE id = ?" },
    [QUERY_PACK_GET] = { "SELECT " PACK_COLUMNS " FROM " PACK_TABLES " WHERE p.id = ?" },
    [QUERY_PACK_COUNT] = { "SELECT COUNT(*) FROM sticker_pack WHERE owner = ?" },
    [QUERY_PACK_COUNT_ALL] = { "SELECT COUNT(*) FROM sticker_pack" },
    [QUERY_PACK_IDS] = { "SELECT id FROM sticker_pack WHERE owner = ? ORDER BY id" },
    [QUERY_PACK_PAGE] = { "SELECT " PACK_COLUMNS " FROM " PACK_TABLES " WHERE p.id > ? ORDER BY p.id LIMIT ?" },
    [QUERY_PACK_FIND] = { "SELECT " PACK_COLUMNS " FROM " PACK_TABLES " WHERE p.shared = 1 AND p.id < ?"
                          " AND INSTR(LOWER(p.name), ?) > 0 ORDER BY p.id DESC LIMIT ?",
                          "SELECT " PACK_COLUMNS " FROM " PACK_TABLES " WHERE p.shared = 1 AND p.id < ?"
                          " AND " MYSQL_FOUND_IN("p.name") " ORDER BY p.id DESC LIMIT ?" },
    [QUERY_PACK_LIST] = { "SELECT " PACK_COLUMNS " FROM user_pack l CROSS JOIN " PACK_TABLES
                          " WHERE l.user = ? AND p.id = l.pack ORDER BY l.place, l.pack" },
    [QUERY_STICKER_INSERT] = { "INSERT INTO sticker (pack, place, name, file) VALUES (?, ?, ?, ?)" },
    [QUERY_STICKER_DELETE] = { "DELETE FROM sticker WHERE pack = ?" },
    [QUERY_STICKER_LIST] = { "SELECT s.name, s.file, f.fid FROM sticker s JOIN file f ON f.id = s.file"
                             " WHERE s.pack = ? ORDER BY s.place LIMIT ?" },
    [QUERY_USER_PACK_INSERT] = { "INSERT INTO user_pack (user, pack, place) SELECT ?, ?, COALESCE(MIN(place), 0) - 1"
                                 " FROM user_pack WHERE user = ?" },
    [QUERY_USER_PACK_DELETE] = { "DELETE FROM user_pack WHERE user = ? AND pack = ?" },
    [QUERY_USER_PACK_DELETE_OTHERS] = { "DELETE FROM user_pack WHERE pack = ? AND user <> ?" },
    [QUERY_USER_PACK_COUNT] = { "SELECT COUNT(*) FROM user_pack WHERE user = ?" },
    [QUERY_USER_PACK_PLACE] = { "UPDATE user_pack SET place = ? WHERE user = ? AND pack = ?" },
    [QUERY_USER_PACK_IDS] = { "SELECT pack FROM user_pack WHERE user = ? ORDER BY place, pack" },

    [QUERY_INVITE_INSERT] = { "INSERT INTO invite (code, uses_left, expires) VALUES (?, ?, ?)" },
    [QUERY_INVITE_TAKE] = { "UPDATE invite SET uses_left = uses_left - 1"
                            " WHERE code = ? AND uses_left > 0 AND (expires = 0 OR expires > ?)" },
    [QUERY_INVITE_LIST] = { "SELECT code, uses_left, expires FROM invite"
                            " WHERE uses_left > 0 AND (expires = 0 OR expires > ?) ORDER BY code" },
};
