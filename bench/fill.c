/* fill.c: a store as if people had used it for a year.
 * It goes through the server's own store code, so schema and row format are
 * the server's; only the waiting for the disk is left out. People get a token
 * each, which is written to loadgen's state file: a bench needs no ten
 * thousand password hashes. Chat number c belongs to account c / fan and its
 * (c mod fan + 1)-th next one; messages fall on chats uniformly or by Zipf. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "auth/password.h"
#include "auth/token.h"
#include "store/chat.h"
#include "store/contact.h"
#include "store/device.h"
#include "store/message.h"
#include "store/user.h"
#include "util/err.h"

#include "common.h"
#include "state.h"
#include "words.h"

#define BATCH 500000 /* hot index pages are then written once for many rows */
#define CONTENT_MAX 1024
#define YEAR_MS (INT64_C(365) * 86400 * 1000)

struct fill {
    const char *data, *file, *prefix, *set, *state_path;
    int64_t users, fan, messages, content, text, seed;
    double zipf;
    struct state state;
    struct db *db;
    int64_t *ids;     /* user ids */
    int64_t *devices; /* their device */
    int64_t *heads;   /* by chat number */
    int64_t chats, now_ms;
};

static void check(enum err err, const char *what)
{
    if (err != OK)
        die("%s: %s", what, err_text(err));
}

static void batch_begin(struct fill *fill)
{
    check(db_sql(fill->db)->v->begin(db_sql(fill->db)), "begin");
}

static void batch_commit(struct fill *fill)
{
    struct sql *sql = db_sql(fill->db);
    check(sql->v->commit(sql), "commit");
    check(sql->v->maintain(sql, false), "checkpoint");
}

/* Every BATCH calls the transaction is ended and a new one begun. */
static void batch_step(struct fill *fill, int64_t done)
{
    if (done % BATCH == 0 && done > 0) {
        batch_commit(fill);
        batch_begin(fill);
    }
}

static void fill_open(struct fill *fill)
{
    char path[1024];
    if (mkdir(fill->data, 0700) != 0 && errno != EEXIST)
        die("%s: %s", fill->data, strerror(errno));
    snprintf(path, sizeof path, "%s/%s", fill->data, fill->file);
    check(db_open(&sql_sqlite, path, SQL_WRITER, &fill->db), path);
    check(db_migrate(fill->db), "schema");
    struct sql *sql = db_sql(fill->db);
    check(sql->v->run(sql, "PRAGMA synchronous=OFF; PRAGMA cache_size=-2000000"), "settings");
}

static void fill_user(struct fill *fill, int64_t i, struct str password)
{
    char email[64], token[TOKEN_SIZE + 1] = "", key[STATE_KEY_MAX];
    unsigned char digest[TOKEN_DIGEST_SIZE];
    snprintf(email, sizeof email, "%s%s%lld@b.im", fill->prefix, fill->set, (long long)i);
    token_issue(token);
    if (!token_digest((struct str){ token, TOKEN_SIZE }, digest))
        die("a token is not a token");
    check(user_insert(fill->db, str_from(email), str_from("bench"), STR_NONE, password, fill->now_ms, &fill->ids[i]),
          email);
    check(device_insert(fill->db, fill->ids[i], digest, fill->now_ms, &fill->devices[i]), "device");
    state_key_token(key, email);
    state_put(&fill->state, key, token);
}

static void fill_users(struct fill *fill)
{
    struct password_cost cost = { .memory_bytes = 8192 * 1024, .passes = 1 };
    struct buf hash = { 0 };
    fill->ids = alloc((size_t)fill->users * sizeof *fill->ids);
    fill->devices = alloc((size_t)fill->users * sizeof *fill->devices);
    check(password_hash(&cost, STR("bench123"), &hash), "password");
    batch_begin(fill);
    for (int64_t i = 0; i < fill->users; i++) {
        fill_user(fill, i, buf_str(&hash));
        batch_step(fill, i);
    }
    batch_commit(fill);
    buf_release(&hash);
}

/* The two accounts of a chat. */
static void chat_people(const struct fill *fill, int64_t chat, int64_t *one, int64_t *other)
{
    *one = chat / fill->fan;
    *other = (*one + 1 + chat % fill->fan) % fill->users;
}

static int64_t chat_id(const struct fill *fill, int64_t chat)
{
    int64_t one, other;
    chat_people(fill, chat, &one, &other);
    return chat_id_direct(fill->ids[one], fill->ids[other]);
}

static void fill_friends(struct fill *fill)
{
    char key[STATE_KEY_MAX];
    batch_begin(fill);
    for (int64_t c = 0; c < fill->chats; c++) {
        int64_t one, other;
        chat_people(fill, c, &one, &other);
        check(contact_insert(fill->db, fill->ids[one], fill->ids[other], fill->now_ms), "friends");
        check(member_insert(fill->db, chat_id(fill, c), fill->ids[one], ROLE_MEMBER, 1, fill->now_ms), "member");
        check(member_insert(fill->db, chat_id(fill, c), fill->ids[other], ROLE_MEMBER, 1, fill->now_ms), "member");
        batch_step(fill, c);
    }
    batch_commit(fill);
    state_key_ties(key, "friends", fill->prefix, fill->set, (size_t)fill->users, (size_t)fill->fan * 2, NULL);
    state_put(&fill->state, key, "1");
}

static void content_write(char *out, size_t size, struct rng *rng)
{
    for (size_t i = 0; i < size; i++) {
        uint64_t r = rng_next(rng) >> 40;
        out[i] = r % 6 == 0 ? ' ' : (char)('a' + r % 26);
    }
}

static void fill_messages(struct fill *fill)
{
    struct rng rng;
    struct zipf zipf;
    char content[CONTENT_MAX];
    struct words words;
    int64_t id = 0, begin = now_ns(), lap = begin;
    rng_seed(&rng, (uint64_t)fill->seed);
    words_init(&words);
    zipf_init(&zipf, (uint64_t)fill->chats, fill->zipf > 0 ? fill->zipf : 1.0);
    check(message_last_id(fill->db, &id), "last id");
    batch_begin(fill);
    for (int64_t i = 0; i < fill->messages; i++) {
        uint64_t rank = fill->zipf > 0 ? zipf_next(&zipf, &rng) : rng_below(&rng, (uint64_t)fill->chats);
        int64_t chat = (int64_t)scramble(rank, (uint64_t)fill->chats), one, other;
        chat_people(fill, chat, &one, &other);
        size_t size = (size_t)fill->content;
        if (fill->text != 0)
            size = words_text(&words, &rng, content, size);
        else
            content_write(content, size, &rng);
        struct message message = { .id = ++id, .chat = chat_id(fill, chat), .seq = ++fill->heads[chat], .type = 1 };
        message.sender = fill->ids[rng_below(&rng, 2) == 0 ? one : other];
        message.created_ms = fill->now_ms - YEAR_MS + i * (YEAR_MS / fill->messages);
        message.content = (struct str){ content, size };
        check(message_insert(fill->db, &message), "message");
        batch_step(fill, i);
        if ((i + 1) % 1000000 == 0) {
            fprintf(stderr, "fill: %lld messages, the last million in %.1f s\n", (long long)i + 1,
                    (double)(now_ns() - lap) / 1e9);
            lap = now_ns();
        }
    }
    check(meta_put_i64(fill->db, "marks", id), "marks"); /* Nobody's unread is what is measured. */
    batch_commit(fill);
    fprintf(stderr, "fill: %lld messages in %.1f s\n", (long long)fill->messages, (double)(now_ns() - begin) / 1e9);
}

/* Everybody has been given everything: whoever connects has no backlog. */
static void fill_cursors(struct fill *fill)
{
    batch_begin(fill);
    for (int64_t c = 0; c < fill->chats; c++) {
        int64_t who[2];
        chat_people(fill, c, &who[0], &who[1]);
        for (int k = 0; k < 2 && fill->heads[c] > 0; k++) {
            struct cursor cursor = { .user = fill->ids[who[k]], .chat = chat_id(fill, c), .seq = fill->heads[c] };
            cursor.device = fill->devices[who[k]];
            check(cursor_save(fill->db, &cursor), "cursor");
        }
        batch_step(fill, c);
    }
    batch_commit(fill);
}

static int64_t integer_of(const char *text, const char *flag)
{
    char *end;
    int64_t value = strtoll(text, &end, 10);
    if (end == text || *end != '\0' || value < 0)
        die("%s takes a number, not '%s'", flag, text);
    return value;
}

static void fill_flag(struct fill *fill, const char *flag, const char *value)
{
    struct {
        const char *name;
        const char **text;
        int64_t *integer;
    } rows[] = {
        { "--data", &fill->data, NULL }, { "--file", &fill->file, NULL },         { "--prefix", &fill->prefix, NULL },
        { "--set", &fill->set, NULL },   { "--state", &fill->state_path, NULL },  { "--users", NULL, &fill->users },
        { "--fan", NULL, &fill->fan },   { "--messages", NULL, &fill->messages }, { "--content", NULL, &fill->content },
        { "--text", NULL, &fill->text }, { "--seed", NULL, &fill->seed },
    };
    if (strcmp(flag, "--zipf") == 0) {
        fill->zipf = strtod(value, NULL);
        return;
    }
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (strcmp(rows[i].name, flag) != 0)
            continue;
        if (rows[i].text != NULL)
            *rows[i].text = value;
        else
            *rows[i].integer = integer_of(value, flag);
        return;
    }
    die("there is no %s", flag);
}

static void fill_flags(struct fill *fill, int argc, char **argv)
{
    if (argc < 2 || strcmp(argv[1], "--help") == 0) {
        puts("fill --data DIR --state FILE [--file im_service.db] [--prefix b] [--set f] [--users 2000] [--fan 50]\n"
             "     [--messages 10000000] [--zipf S (0: uniform)] [--content 128] [--text 1 (words)] [--seed 1]");
        exit(0);
    }
    for (int i = 1; i < argc; i += 2) {
        if (i + 1 == argc)
            die("%s takes a value", argv[i]);
        fill_flag(fill, argv[i], argv[i + 1]);
    }
    if (fill->data == NULL || fill->users < 2 || fill->fan < 1 || 2 * fill->fan >= fill->users || fill->content < 1 ||
        fill->content > CONTENT_MAX)
        die("needs --data, more than 2 x fan users, --content of 1 to %d", CONTENT_MAX);
}

int main(int argc, char **argv)
{
    struct fill fill = { .file = "im_service.db", .prefix = "b", .set = "f", .state_path = "", .users = 2000 };
    fill.fan = 50;
    fill.messages = 10000000;
    fill.content = 128;
    fill.seed = 1;
    fill_flags(&fill, argc, argv);
    fill.now_ms = wall_ms();
    fill.chats = fill.users * fill.fan;
    fill.heads = alloc((size_t)fill.chats * sizeof *fill.heads);
    state_load(&fill.state, fill.state_path);
    fill_open(&fill);
    fill_users(&fill);
    fill_friends(&fill);
    if (fill.messages > 0)
        fill_messages(&fill);
    fill_cursors(&fill);
    struct sql *sql = db_sql(fill.db);
    check(sql->v->run(sql, "PRAGMA synchronous=FULL"), "settings");
    check(sql->v->maintain(sql, true), "final checkpoint");
    db_close(&fill.db);
    state_save(&fill.state);
    state_clear(&fill.state);
    free(fill.ids);
    free(fill.devices);
    free(fill.heads);
    return 0;
}
