/* cli.c: `im_service VERB …`. */
#include "cli/cli.h"

#include "api/server.h"
#include "cli/arguments.h"
#include "cli/import_legacy.h"
#include "cli/migrate.h"
#include "cli/operate.h"
#include "cli/tables.h"
#include "cli/ws_echo.h"
#include "media/worker.h"
#include "os/log.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static int serve_main(int argc, char **argv);
static int config_main(int argc, char **argv);
static int help_main(int argc, char **argv);
static int version_main(int argc, char **argv);

static const struct {
    const char *name;
    int (*run)(int argc, char **argv); /* argv[0] is the name */
} verbs[] = {
    { "serve", serve_main },       { "user", operate_main },
    { "group", operate_main },     { "invite", operate_main },
    { "search", operate_main },    { "sticker", operate_main },
    { "config", config_main },     { "import-legacy", import_legacy_main },
    { "migrate", migrate_main },   { "help", help_main },
    { "--help", help_main },       { "-h", help_main },
    { "version", version_main },   { "--version", version_main },
    { "ws-echo", ws_echo_main },   { "routes", routes_main },
    { "commands", commands_main }, { "media-worker", worker_main },
};

static enum log_level level_of(const char *name)
{
    return strcmp(name, "debug") == 0  ? LOG_LEVEL_DEBUG
           : strcmp(name, "info") == 0 ? LOG_LEVEL_INFO
           : strcmp(name, "warn") == 0 ? LOG_LEVEL_WARN
                                       : LOG_LEVEL_ERROR;
}

static bool help_asked(int argc, char **argv)
{
    for (int i = 0; i < argc; i++)
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0)
            return true;
    return false;
}

static int serve_main(int argc, char **argv)
{
    struct conf conf;
    if (arguments_load(&conf, NULL, 0, argc - 1, argv + 1) != OK)
        return 2;
    log_init(level_of(conf.log_level), STDERR_FILENO);
    enum err err = server_run(&conf);
    conf_release(&conf);
    return err == OK ? 0 : 1;
}

static int config_main(int argc, char **argv)
{
    struct flag flags[] = { { .name = "markdown", .is_switch = true } };
    struct conf conf;
    if (arguments_load(&conf, flags, 1, argc - 1, argv + 1) != OK)
        return 2;
    if (flags[0].value != NULL)
        conf_markdown(stdout);
    else
        conf_print(&conf, stdout);
    conf_release(&conf);
    return 0;
}

static int version_main(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    puts("im_service " IM_VERSION);
    return 0;
}

static int help_main(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    fputs(
        "im_service: a self-hosted instant-messaging server\n"
        "\n"
        "  im_service serve [--config FILE] [options]\n"
        "      Serves in the foreground. SIGTERM ends it, SIGHUP reads certificates again.\n"
        "  im_service user add --email E --password-stdin [--uname NAME]\n"
        "  im_service user passwd --email E --password-stdin\n"
        "      A new password; every device has to log in again.\n"
        "  im_service user list\n"
        "  im_service group create --name NAME --owner EMAIL [--icon URL] [--memo TEXT]\n"
        "  im_service group list\n"
        "  im_service invite create [--uses N] [--days D]\n"
        "      A code for registration = invite; --days 0 is for ever.\n"
        "  im_service invite list\n"
        "  im_service search rebuild\n"
        "      Throws the search index away; it is built anew while the server runs.\n"
        "  im_service sticker list\n"
        "      The sticker packs: id, name, owner, shared or private, stickers.\n"
        "  im_service sticker share | unshare | adopt | remove --pack ID\n"
        "      adopt makes it the server's own: shared, and there for good.\n"
        "      These speak to the server of --data DIR, or open its store when none runs.\n"
        "  im_service import-legacy --from mysql://USER:PASSWORD@HOST/DATABASE [--redis redis://HOST] [--to STORE]\n"
        "      Takes over the database of hexiaodai/im_service, and what waits in its Redis; no server may run here.\n"
        "      It may be run again: what is there already stays as it is. --to: a store.url instead of the one in "
        "force.\n"
        "  im_service migrate --from sqlite:DIR --to mysql://USER:PASSWORD@HOST/DATABASE\n"
        "      Moves the store of the data directory DIR, with all that devices know of it; no server may run there.\n"
        "      Run again it goes on where it was. What it copied is compared before any server may use it.\n"
        "  im_service config [options]\n"
        "      Prints the settings in force as a configuration file.\n"
        "  im_service routes | commands\n"
        "      Lists the HTTP calls and the frames that the server answers to, a JSON object a line.\n"
        "  im_service --help | --version\n"
        "\n"
        "Options, of every verb; later ones win: defaults, file, environment, flags.\n"
        "\n",
        stdout);
    conf_help(stdout);
    return 0;
}

int cli_main(int argc, char **argv)
{
    if (sodium_init() < 0) {
        fputs("im_service: libsodium can't be initialised.\n", stderr);
        return 1;
    }
    if (argc < 2) {
        fputs("im_service: say what to do, for example: im_service serve --data DIR; see im_service --help.\n", stderr);
        return 2;
    }
    if (help_asked(argc - 1, argv + 1))
        return help_main(argc, argv);
    for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++)
        if (strcmp(argv[1], verbs[i].name) == 0)
            return verbs[i].run(argc - 1, argv + 1);
    fprintf(stderr, "im_service: '%s' is no command; see im_service --help.\n", argv[1]);
    return 2;
}
