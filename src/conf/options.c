/* options.c: every setting there is. A new one is a field in conf.h and a
 * row here; the file, the environment, flags, --help and the documentation
 * follow. Options of one section stand together, in the order people read. */
#include "conf/option.h"

#include <ctype.h>
#include <stddef.h>

#define AT(field) offsetof(struct conf, field)
#define SECOND INT64_C(1000)
#define MINUTE (60 * SECOND)
#define HOUR (60 * MINUTE)
#define DAY (24 * HOUR)
#define KIB INT64_C(1024)
#define MIB (1024 * KIB)
#define TIB (1024 * 1024 * MIB)

/* clang-format off */
const struct option option_table[] = {
    { "server.listen", "listen", OPTION_ADDRESS, AT(listen), 1, 0, NULL, ":9000",
      "Where HTTP and the WebSocket are served: host:port, [::1]:9000, or :9000 for every address of the machine. Port 0 takes a free one." },
    { "server.data", "data", OPTION_PATH, AT(data), 1, 1024, NULL, "data",
      "The directory of everything that is kept. im_service.ini in it is read when no other file is named." },
    { "server.loops", "loops", OPTION_INT, AT(loops), 0, 256, NULL, "0",
      "Threads that serve sockets; 0 is one per core." },
    { "server.readers", NULL, OPTION_INT, AT(readers), 1, 64, NULL, "2",
      "Threads that read the store: history, searches, lists." },
    { "server.connections_max", NULL, OPTION_INT, AT(connections_max), 1, 10000000, NULL, "100000",
      "Open connections, all together; more are closed at once." },
    { "server.shutdown", NULL, OPTION_DURATION, AT(shutdown_ms), 0, 10 * MINUTE, NULL, "10s",
      "How long SIGTERM waits for what is still to be sent. A second SIGTERM does not wait." },
    { "server.metrics_token", NULL, OPTION_SECRET, AT(metrics_token), 0, 255, NULL, "",
      "What /metrics asks for as a Bearer token. Empty: it answers this machine's own addresses only, and no proxy." },
    { "server.log_level", "log-level", OPTION_ENUM, AT(log_level), 0, 0, "debug|info|warn|error", "info",
      "The least important lines that are logged." },

    { "http.cors_origin", NULL, OPTION_ORIGINS, AT(cors_origin), 0, 0, NULL, "*",
      "Pages of which origins may call: * for any, origins with commas between them, or nothing to send no CORS headers." },
    { "http.head_timeout", NULL, OPTION_DURATION, AT(head_timeout_ms), 10, 10 * MINUTE, NULL, "10s",
      "How long a request's head may take to arrive." },
    { "http.idle_timeout", NULL, OPTION_DURATION, AT(idle_timeout_ms), 10, HOUR, NULL, "75s",
      "How long a connection may wait for its next request." },
    { "http.body_max", NULL, OPTION_SIZE, AT(body_max), KIB, 64 * MIB, NULL, "1M",
      "The largest request body." },
    { "http.forwarded", NULL, OPTION_BOOL, AT(forwarded), 0, 0, NULL, "off",
      "Believe X-Forwarded-For from a proxy (http.proxies). Only with a proxy that sets it." },
    { "http.proxies", NULL, OPTION_NETWORKS, AT(proxies), 0, 0, NULL, "127.0.0.0/8, ::1",
      "Where proxies are that http.forwarded believes: this machine, or theirs." },

    { "ws.ping", NULL, OPTION_DURATION, AT(ping_ms), 10, HOUR, NULL, "30s",
      "A socket that was silent this long is pinged." },
    { "ws.dead", NULL, OPTION_DURATION, AT(dead_ms), 20, 2 * HOUR, NULL, "80s",
      "A socket without any sign of life for this long is closed." },
    { "ws.outbox_max", NULL, OPTION_SIZE, AT(outbox_max), 64 * KIB, 64 * MIB, NULL, "1M",
      "What may wait for one socket; a slower reader is closed and catches up from history. The largest message can need 400K." },
    { "ws.deflate", NULL, OPTION_BOOL, AT(deflate), 0, 0, NULL, "off",
      "Offer permessage-deflate: a quarter less traffic for several times the CPU." },

    { "tls.cert", NULL, OPTION_PATH, AT(tls_cert), 0, 1024, NULL, "",
      "PEM file with the certificate chain. With tls.key it turns TLS on; SIGHUP reads both again." },
    { "tls.key", NULL, OPTION_PATH, AT(tls_key), 0, 1024, NULL, "",
      "PEM file with the private key." },
    { "tls.listen", NULL, OPTION_ADDRESS, AT(tls_listen), 0, 0, NULL, "",
      "An address of its own for TLS. Empty: server.listen speaks both, told apart by the first byte." },

    { "accounts.registration", NULL, OPTION_ENUM, AT(registration), 0, 0, "open|invite|closed", "open",
      "Who may register: everybody, those with an invitation, or nobody." },
    { "accounts.argon2_memory", NULL, OPTION_INT, AT(argon2_memory_kib), 8192, 4194304, NULL, "19456",
      "KiB of memory to hash one password. OWASP's minimum is 19456 with two passes." },
    { "accounts.argon2_passes", NULL, OPTION_INT, AT(argon2_passes), 1, 100, NULL, "2",
      "Passes over that memory." },
    { "accounts.hash_threads", NULL, OPTION_INT, AT(hash_threads), 1, 64, NULL, "1",
      "Threads that hash passwords; each takes a core while it does." },
    { "accounts.hash_queue", NULL, OPTION_INT, AT(hash_queue), 1, 65536, NULL, "64",
      "Logins that may wait for them; more are told to retry later." },
    { "accounts.tokens_max", NULL, OPTION_INT, AT(tokens_max), 1, 10000, NULL, "32",
      "Tokens one user may hold; a new login drops the one unused for longest." },
    { "accounts.token_idle", NULL, OPTION_DURATION, AT(token_idle_ms), SECOND, 3650 * DAY, NULL, "30d",
      "A token unused for this long expires." },

    { "limits.login_per_min", NULL, OPTION_INT, AT(login_per_min), 0, 1000000, NULL, "60",
      "Logins a minute from one address; 0 is no limit." },
    { "limits.login_fail_per_min", NULL, OPTION_INT, AT(login_fail_per_min), 0, 1000000, NULL, "10",
      "Failed logins a minute to one account from one address; 0 is no limit." },
    { "limits.message_per_s", NULL, OPTION_INT, AT(message_per_s), 0, 1000000, NULL, "100",
      "Messages and other requests a second from one user, over all his devices; 0 is no limit. v1 sessions beyond it are read from more slowly, v2 is told." },
    { "limits.message_burst", NULL, OPTION_INT, AT(message_burst), 1, 1000000, NULL, "500",
      "How many of them may come at once after a pause." },
    { "limits.register_per_min", NULL, OPTION_INT, AT(register_per_min), 0, 1000000, NULL, "20",
      "Registrations a minute from one address; 0 is no limit." },

    { "policy.strangers", NULL, OPTION_SWITCH, AT(strangers), 0, 0, "deny|allow", "deny",
      "Whether people who are not friends may write to each other." },

    { "contact.policy", NULL, OPTION_SWITCH, AT(contact_requests), 0, 0, "auto|request", "auto",
      "Whether adding somebody makes friends at once, as in the original, or asks the other one first." },

    { "group.history", NULL, OPTION_SWITCH, AT(whole_history), 0, 0, "joined|all", "all",
      "What a new member of a group may read: what is written from then on, or everything. A group may choose for itself." },
    { "group.size_max", NULL, OPTION_INT, AT(group_size_max), 2, 1000000, NULL, "100000",
      "Members that a group may have." },

    { "recall.window", NULL, OPTION_DURATION, AT(recall_ms), 0, 3650 * DAY, NULL, "2m",
      "How long a sender may recall a message or delete it for all. Owner and admins of a group always may." },
    { "edit.window", NULL, OPTION_DURATION, AT(edit_ms), 0, 3650 * DAY, NULL, "24h",
      "How long a sender may edit a message." },

    { "history.v1_limit", NULL, OPTION_INT, AT(v1_limit), 1, 100000, NULL, "1000",
      "Messages that one history call returns at most." },

    { "compat.escape_html", NULL, OPTION_BOOL, AT(escape_html), 0, 0, NULL, "on",
      "Escape & < > \" ' in what v1 clients get: the original's page shows it as HTML. What is stored is what was sent." },

    { "media.image_max", NULL, OPTION_SIZE, AT(image_max), KIB, TIB, NULL, "10M",
      "The largest picture (png, jpeg, gif, webp) that may be uploaded." },
    { "media.video_max", NULL, OPTION_SIZE, AT(video_max), KIB, TIB, NULL, "100M",
      "The largest video (mp4, webm)." },
    { "media.audio_max", NULL, OPTION_SIZE, AT(audio_max), KIB, TIB, NULL, "50M",
      "The largest sound (mp3, m4a, ogg, opus)." },
    { "media.file_max", NULL, OPTION_SIZE, AT(file_max), KIB, TIB, NULL, "100M",
      "The largest file of any other kind." },
    { "media.directory", NULL, OPTION_PATH, AT(media_directory), 0, 4096, NULL, "",
      "Where the bytes of files are; empty: files in the data directory. Nodes that share a store share this one, too, on a file system with flock." },
    { "media.quota", NULL, OPTION_SIZE, AT(quota), 0, 1024 * TIB, NULL, "2G",
      "What all files of one user may take together; 0 is no limit." },
    { "media.url_ttl", NULL, OPTION_DURATION, AT(url_ttl_ms), SECOND, 3650 * DAY, NULL, "7d",
      "How long a file's signed address works at least; it may be a seventh longer." },
    { "media.unused", NULL, OPTION_DURATION, AT(unused_ms), SECOND, 3650 * DAY, NULL, "24h",
      "After how long an upload goes that no message, avatar or icon refers to." },
    { "media.part_size", NULL, OPTION_SIZE, AT(part_size), KIB, 1024 * MIB, NULL, "4M",
      "The parts in which a large file may be uploaded; larger where there would be more than 1024 of them." },
    { "media.upload_ttl", NULL, OPTION_DURATION, AT(upload_ttl_ms), SECOND, 3650 * DAY, NULL, "24h",
      "After how long an unfinished upload in parts goes that no part came to." },
    { "media.unfinished_per_user", NULL, OPTION_INT, AT(unfinished_max), 1, 100000, NULL, "100",
      "Unfinished uploads in parts of one user; they count in full for media.quota." },
    { "media.sticker_max", NULL, OPTION_SIZE, AT(sticker_max), KIB, TIB, NULL, "1M",
      "The largest picture that may be a sticker." },
    { "media.sticker_sharing", NULL, OPTION_SWITCH, AT(sticker_sharing), 0, 0, "operators|users", "users",
      "Who may share sticker packs with everybody: users their own, or operators alone." },
    { "media.workers", NULL, OPTION_INT, AT(picture_workers), 0, 16, NULL, "1",
      "Processes that look at pictures, make them smaller and take out what cameras wrote into them. 0: pictures are stored as they came." },
    { "media.picture_time", NULL, OPTION_DURATION, AT(picture_ms), 100, 10 * MINUTE, NULL, "10s",
      "How long one picture may take; one that takes longer is refused." },
    { "media.pixels_max", NULL, OPTION_INT, AT(pixels_max), 1000, 1000000000, NULL, "50000000",
      "The largest picture in pixels, all of its frames together; a worker may take 12 bytes of memory for each, and 512M." },
    { "media.threads", NULL, OPTION_INT, AT(media_threads), 1, 64, NULL, "4",
      "Threads that read and write files: they wait for the disk, so some more than cores do." },
    { "media.uploads_max", NULL, OPTION_INT, AT(uploads_max), 1, 100000, NULL, "256",
      "Uploads under way at once, at most 300K of memory each; more are told to retry later." },
    { "media.uploads_per_user", NULL, OPTION_INT, AT(uploads_per_user), 1, 100000, NULL, "16",
      "Uploads of one user under way at once." },
    { "media.store", NULL, OPTION_SWITCH, AT(store_s3), 0, 0, "disk|s3", "disk",
      "Where files stay: on the local disk, or in a bucket of an S3-compatible store. Those there already stay reachable when this changes; docs/MEDIA.md." },
    { "media.s3_endpoint", NULL, OPTION_PATH, AT(s3_endpoint), 0, 1024, NULL, "",
      "The store's address, such as https://s3.example or http://127.0.0.1:9000." },
    { "media.s3_public_endpoint", NULL, OPTION_PATH, AT(s3_public), 0, 1024, NULL, "",
      "The address under which browsers reach it, when that is another." },
    { "media.s3_region", NULL, OPTION_PATH, AT(s3_region), 0, 64, NULL, "us-east-1",
      "Its region." },
    { "media.s3_bucket", NULL, OPTION_PATH, AT(s3_bucket), 0, 255, NULL, "",
      "The bucket. It must be there, and should not be public." },
    { "media.s3_prefix", NULL, OPTION_PATH, AT(s3_prefix), 0, 255, NULL, "",
      "What the names of all objects begin with, such as im/." },
    { "media.s3_key", NULL, OPTION_SECRET, AT(s3_key), 0, 255, NULL, "",
      "The access key id. It must be allowed to put, get and delete objects, and should be to list and abort multipart uploads." },
    { "media.s3_secret", NULL, OPTION_SECRET, AT(s3_secret), 0, 255, NULL, "",
      "The secret access key. Rather in the file or the environment than in a flag, which others on the machine can see." },
    { "media.s3_path_style", NULL, OPTION_BOOL, AT(s3_path_style), 0, 0, NULL, "on",
      "The bucket stands in the path, not in the host's name." },
    { "media.s3_serve", NULL, OPTION_SWITCH, AT(s3_proxy), 0, 0, "redirect|proxy", "redirect",
      "Send who may have a file to the store with a presigned address, or read it there for him." },
    { "media.s3_receive", NULL, OPTION_SWITCH, AT(s3_direct), 0, 0, "server|direct", "server",
      "Take uploads here, or let clients send what is no picture to the store themselves; docs/MEDIA.md says what that asks of it." },
    { "media.s3_url_ttl", NULL, OPTION_DURATION, AT(s3_url_ttl_ms), 2 * SECOND, 7 * DAY, NULL, "10m",
      "How long such an address works, from the half of it on." },
    { "media.s3_timeout", NULL, OPTION_DURATION, AT(s3_timeout_ms), 100, 10 * MINUTE, NULL, "30s",
      "How long the store may be silent." },
    { "media.s3_threads", NULL, OPTION_INT, AT(s3_threads), 1, 64, NULL, "2",
      "Threads that carry files there; as many again that read, for media.s3_serve = proxy or media.s3_receive = direct." },
    { "media.s3_part_size", NULL, OPTION_SIZE, AT(s3_part_size), 5 * MIB, 5 * 1024 * MIB, NULL, "64M",
      "Larger files are carried in parts of this size." },
    { "media.s3_waiting_max", NULL, OPTION_SIZE, AT(s3_waiting_max), 0, 1024 * TIB, NULL, "10G",
      "What may wait on the disk for a store that is down or slow; then uploads are told to retry later." },

    { "store.url", NULL, OPTION_SECRET, AT(store_url), 0, 2048, NULL, "",
      "A database that several nodes may share: mysql://user:password@host:port[,host:port]/database, with ?tls=verify&ca=/path/to/ca.pem under TLS. Empty: SQLite, in the data directory. Rather in the file or the environment than in a flag, which others on the machine can see; docs/STORAGE.md." },
    { "store.batch_max", NULL, OPTION_INT, AT(batch_max), 1, 100000, NULL, "2000",
      "Writes in one commit." },
    { "store.queue_max", NULL, OPTION_INT, AT(queue_max), 1, 10000000, NULL, "65536",
      "Writes that may wait for a commit; more are told to retry later." },

    { "cluster.poll", NULL, OPTION_DURATION, AT(poll_ms), 10, 10 * 1000, NULL, "200ms",
      "How often a node of several over one store.url looks at what the others committed, when nothing tells it." },
    { "cluster.search", NULL, OPTION_BOOL, AT(search), 0, 0, NULL, "on",
      "Keep an index of all messages here. Off: searches are 503 here, and the balancer has to ask another node, as deploy/nginx.conf does." },
    { "cluster.carry", NULL, OPTION_BOOL, AT(carry), 0, 0, NULL, "on",
      "What a node committed goes to the others through Redis, encrypted, so that they need not read it from the database. Off: Redis is told numbers alone." },
    { "cluster.lease", NULL, OPTION_DURATION, AT(lease_ms), 1000, 10 * MINUTE, NULL, "10s",
      "A node that the others have not heard of for so long is dead to them: its users are offline." },
    { "cluster.journal_keep", NULL, OPTION_DURATION, AT(journal_keep_ms), 10 * 1000, 24 * HOUR, NULL, "5m",
      "What nodes tell each other is kept for so long. One that was away for longer ends its sessions, which begin anew." },
    { "redis.url", NULL, OPTION_SECRET, AT(redis_url), 0, 1024, NULL, "",
      "redis://[[USER]:PASSWORD@]HOST[:PORT][/NUMBER] of a Redis by which nodes hear of each other at once and share limits (docs/ARCHITECTURE.md). It keeps nothing that matters. Rather in the file or the environment than in a flag." },
    { "redis.prefix", NULL, OPTION_PATH, AT(redis_prefix), 0, 64, NULL, "im:",
      "What the names of keys and channels there begin with: the same for all nodes of one database, another for another." },
};
/* clang-format on */

const size_t option_count = sizeof(option_table) / sizeof(option_table[0]);

const struct option *option_find(struct str name)
{
    for (size_t i = 0; i < option_count; i++) {
        if (str_equal(name, str_from(option_table[i].name)))
            return &option_table[i];
    }
    return NULL;
}

const struct option *option_find_flag(struct str name)
{
    for (size_t i = 0; i < option_count; i++) {
        if (option_table[i].alias != NULL && str_equal(name, str_from(option_table[i].alias)))
            return &option_table[i];
    }
    return option_find(name);
}

struct str option_section(const struct option *option)
{
    return (struct str){ option->name, (size_t)(strchr(option->name, '.') - option->name) };
}

void option_env_name(const struct option *option, struct buf *out)
{
    buf_append_str(out, STR("IM_"));
    for (const char *c = option->name; *c != '\0'; c++)
        buf_append_byte(out, isalnum((unsigned char)*c) ? (char)toupper((unsigned char)*c) : '_');
}

/* Levenshtein's distance, for names of at most 63 bytes. */
static size_t distance(struct str a, struct str b)
{
    size_t row[64];
    for (size_t j = 0; j <= b.size; j++)
        row[j] = j;
    for (size_t i = 0; i < a.size; i++) {
        size_t diagonal = row[0];
        row[0] = i + 1;
        for (size_t j = 0; j < b.size; j++) {
            size_t best = diagonal + (a.ptr[i] != b.ptr[j]);
            diagonal = row[j + 1];
            if (row[j] + 1 < best)
                best = row[j] + 1;
            if (diagonal + 1 < best)
                best = diagonal + 1;
            row[j + 1] = best;
        }
    }
    return row[b.size];
}

const struct option *option_nearest(struct str name)
{
    const struct option *nearest = NULL;
    size_t least = 4; /* Farther than that is no slip of the hand. */
    if (name.size > 63)
        return NULL;
    for (size_t i = 0; i < option_count; i++) {
        struct str full = str_from(option_table[i].name);
        struct str section = option_section(&option_table[i]);
        struct str key = { full.ptr + section.size + 1, full.size - section.size - 1 };
        size_t far = distance(name, full);
        size_t far_key = distance(name, key);
        if (far_key < far)
            far = far_key;
        if (far < least && far * 2 <= name.size) {
            least = far;
            nearest = &option_table[i];
        }
    }
    return nearest;
}
