/* options.c: one row a flag: name, where it goes, default, what it says. */
#include "options.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum option_type { TEXT, NUMBER, INTEGER };

struct option_row {
    const char *name;
    enum option_type type;
    size_t offset;
    const char *initial;
    const char *help;
};

#define AT(field) offsetof(struct options, field)

static const struct option_row ROWS[] = {
    { "target", TEXT, AT(target), "127.0.0.1:9000",
      "host:port of the server; host:port,port,… of nodes that take turns" },
    { "pid", TEXT, AT(pid), "", "server process ids, comma-separated: CPU and memory are theirs" },
    { "prefix", TEXT, AT(prefix), "b", "accounts are named by it (letters and digits)" },
    { "state", TEXT, AT(state), "", "file that keeps tokens, friendships and groups between runs" },
    { "group-id", TEXT, AT(group_id), "", "an existing group, for servers that cannot make one" },
    { "label", TEXT, AT(label), "server", "goes into the report" },
    { "note", TEXT, AT(note), "", "goes into the report" },
    { "find", TEXT, AT(find), "word", "search: word, english, common, chat, rare, letter, character, character-chat" },
    { "floor", INTEGER, AT(floor), "0", "1: the target is floor_socket, no accounts are made" },
    { "seconds", NUMBER, AT(seconds), "10", "length of the measurement" },
    { "warmup", NUMBER, AT(warmup), "2", "seconds of load before it" },
    { "drain", NUMBER, AT(drain), "10", "longest wait for what is under way after it" },
    { "hold", NUMBER, AT(hold), "3", "idle: seconds between the last connect and the memory reading" },
    { "window", INTEGER, AT(window), "16", "messages in flight per sender" },
    { "rate", NUMBER, AT(rate), "0", "messages/s offered in all, open loop; 0: windows" },
    { "tick-us", NUMBER, AT(tick_us), "100", "open loop: what is due leaves every so often" },
    { "pairs", INTEGER, AT(pairs), "100", "pairs, login, drain: senders, each with a peer" },
    { "members", INTEGER, AT(members), "1000", "group: members online, the senders among them" },
    { "senders", INTEGER, AT(senders), "1", "group: how many of them send" },
    { "sessions", INTEGER, AT(sessions), "10000", "idle, connect: sockets" },
    { "accounts", INTEGER, AT(accounts), "0", "idle, connect, history: accounts; 0: one per socket" },
    { "chats", INTEGER, AT(chats), "10", "idle: chats of each account; connect: the same, 0 for none" },
    { "backlog", INTEGER, AT(backlog), "20000", "drain: messages waiting for the one who connects" },
    { "clients", INTEGER, AT(clients), "1", "history: keep-alive connections with a call each" },
    { "limit", INTEGER, AT(limit), "50", "history: messages a page" },
    { "fan", INTEGER, AT(fan), "0", "history: friends per account as bench/fill made them; 0: pairs" },
    { "pull", INTEGER, AT(pull), "0", "history: 1: as v2 asks for it (/msg/pull)" },
    { "zipf", NUMBER, AT(zipf), "0", "history: chats by Zipf with this exponent; 0: uniform" },
    { "logins", NUMBER, AT(logins), "20", "login: logins/s offered" },
    { "segments", INTEGER, AT(segments), "3", "login: times with and without, alternating" },
    { "connect-rate", NUMBER, AT(connect_rate), "0", "connect: connects/s offered; 0: as fast as they go" },
    { "concurrency", INTEGER, AT(concurrency), "256", "connects under way at once" },
    { "register-concurrency", INTEGER, AT(register_concurrency), "16", "registrations and logins at once" },
    { "content", INTEGER, AT(content), "64", "bytes of content, 35 at least" },
    { "heart", NUMBER, AT(heart), "60", "seconds between a session's heartbeats" },
    { "seed", INTEGER, AT(seed), "1", "of everything random" },
};

static void option_set(struct options *options, const struct option_row *row, const char *value)
{
    char *field = (char *)options + row->offset;
    char *end = NULL;
    errno = 0;
    if (row->type == TEXT) {
        memcpy(field, &value, sizeof value);
        return;
    }
    if (row->type == NUMBER) {
        double number = strtod(value, &end);
        memcpy(field, &number, sizeof number);
    } else {
        int64_t number = strtoll(value, &end, 10);
        memcpy(field, &number, sizeof number);
    }
    if (errno != 0 || end == value || *end != '\0')
        die("--%s takes a number, not '%s'", row->name, value);
}

static const struct option_row *option_find(const char *name, size_t size)
{
    for (size_t i = 0; i < sizeof ROWS / sizeof *ROWS; i++) {
        if (strlen(ROWS[i].name) == size && strncmp(ROWS[i].name, name, size) == 0)
            return &ROWS[i];
    }
    die("there is no --%.*s; see --help", (int)size, name);
}

static void options_check(struct options *options)
{
    const char *colon = strrchr(options->target, ':');
    if (colon == NULL || (size_t)(colon - options->target) >= sizeof options->host)
        die("--target takes host:port");
    memcpy(options->host, options->target, (size_t)(colon - options->target));
    for (const char *port = colon; port != NULL; port = strchr(port + 1, ',')) {
        if (options->port_count == sizeof options->ports / sizeof *options->ports)
            die("--target takes at most 16 ports");
        options->ports[options->port_count++] = atoi(port + 1);
    }
    if (!proc_set_parse(&options->server, options->pid))
        die("--pid takes process ids separated by commas");
    if (options->content < 35 || options->content > 60000)
        die("--content takes 35 to 60000");
    if (options->window < 1 || options->window > 4096 || options->pairs < 1 || options->members < 1 ||
        options->senders < 1 || options->senders > options->members || options->sessions < 1 || options->clients < 1 ||
        options->concurrency < 1 || options->register_concurrency < 1)
        die("a count is out of range: at least 1, --window at most 4096, --senders at most --members");
}

void options_parse(struct options *options, int argc, char **argv)
{
    *options = (struct options){ .scenario = NULL };
    for (size_t i = 0; i < sizeof ROWS / sizeof *ROWS; i++)
        option_set(options, &ROWS[i], ROWS[i].initial);
    for (int i = 1; i < argc; i++) {
        const char *word = argv[i];
        if (strncmp(word, "--", 2) != 0) {
            if (options->scenario != NULL)
                die("one scenario at a time, not '%s' and '%s'", options->scenario, word);
            options->scenario = word;
            continue;
        }
        const char *equals = strchr(word, '=');
        size_t size = equals != NULL ? (size_t)(equals - word - 2) : strlen(word + 2);
        const struct option_row *row = option_find(word + 2, size);
        if (equals == NULL && i + 1 == argc)
            die("--%s takes a value", row->name);
        option_set(options, row, equals != NULL ? equals + 1 : argv[++i]);
    }
    options_check(options);
}

void options_help(FILE *out)
{
    for (size_t i = 0; i < sizeof ROWS / sizeof *ROWS; i++)
        fprintf(out, "  --%-22s %s (%s)\n", ROWS[i].name, ROWS[i].help, ROWS[i].initial);
}
