/* loadgen.c: puts a load on a server that speaks protocol v1, ours or the
 * original, and prints what it cost and how long it took as a line of JSON. */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

#include "scenario.h"

struct scenario {
    const char *name;
    const char *help;
    void (*run)(struct bench *bench);
};

static const struct scenario SCENARIOS[] = {
    { "pairs", "N pairs write one-to-one, echo and copy timed", scenario_pairs },
    { "group", "a group of members online, some write", scenario_group },
    { "idle", "sessions that say nothing: memory each", scenario_idle },
    { "connect", "sessions opened as fast as they go", scenario_connect },
    { "login", "messages with and without logins beside them", scenario_login },
    { "history", "the newest page of a chat over HTTP", scenario_history },
    { "search", "searches over filled messages", scenario_search },
    { "drain", "a backlog pushed to one who connects", scenario_drain },
};

static int help(void)
{
    puts("loadgen SCENARIO [--flag=value …]");
    for (size_t i = 0; i < sizeof SCENARIOS / sizeof *SCENARIOS; i++)
        printf("  %-10s %s\n", SCENARIOS[i].name, SCENARIOS[i].help);
    options_help(stdout);
    return 0;
}

static void raise_file_limit(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
}

int main(int argc, char **argv)
{
    struct options options;
    struct loop loop;
    struct state state;
    if (argc < 2 || strcmp(argv[1], "--help") == 0)
        return help();
    options_parse(&options, argc, argv);
    signal(SIGPIPE, SIG_IGN);
    raise_file_limit();
    for (size_t i = 0; options.scenario != NULL && i < sizeof SCENARIOS / sizeof *SCENARIOS; i++) {
        if (strcmp(SCENARIOS[i].name, options.scenario) != 0)
            continue;
        state_load(&state, options.state);
        loop_init(&loop, options.host, options.ports, options.port_count);
        SCENARIOS[i].run(&(struct bench){ .options = &options, .loop = &loop, .state = &state });
        state_clear(&state);
        loop_release(&loop);
        return 0;
    }
    die("no such scenario; see --help");
}
