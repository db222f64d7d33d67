/* store.c: what SQLite alone can do with the message log.
 *   store --floor    the rows of a load in its batch sizes: the floor that the
 *                    server is held against
 *   store            growing from empty: first and last million, bytes a row,
 *                    pages of history at 10,000 rows and at the end
 *   store --rate R   rows arrive steadily; how long each waits for its commit,
 *                    which is what the checkpoint's bound is chosen by
 * One JSON line each. Everything is made in --dir and removed. */
#include "store_log.h"

#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "os/log.h"

struct options {
    struct log_options log;
    bool floor;
    uint64_t rows;
    unsigned batch;
    uint64_t rate; /* rows/s; 0: as fast as it goes */
    unsigned seconds;
};

static int64_t cpu_ns(void)
{
    struct timespec time;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return (int64_t)time.tv_sec * NS_PER_S + time.tv_nsec;
}

static uint64_t written_bytes(void)
{
    char line[128];
    uint64_t bytes = 0;
    FILE *file = fopen("/proc/self/io", "r");
    if (file == NULL)
        return 0;
    while (fgets(line, sizeof line, file) != NULL)
        if (sscanf(line, "write_bytes: %" SCNu64, &bytes) == 1)
            break;
    fclose(file);
    return bytes;
}

static double us(const struct hist *hist, double fraction)
{
    return (double)hist_at(hist, fraction) / 1e3;
}

/* Writes rows in batches; how many a second. */
static double write_rows(struct store_log *log, uint64_t rows, unsigned batch)
{
    int64_t start = now_ns();
    for (uint64_t left = rows; left > 0;) {
        unsigned size = left < batch ? (unsigned)left : batch;
        log_write_batch(log, size);
        log_checkpoint(log);
        left -= size;
    }
    return (double)rows * 1e9 / (double)(now_ns() - start);
}

static void run_floor(const struct options *options)
{
    static struct store_log log;
    log_open(&log, &options->log);
    int64_t cpu = cpu_ns();
    double rate = write_rows(&log, options->rows, options->batch);
    cpu = cpu_ns() - cpu;
    printf("{\"bench\":\"store_floor\",\"rows\":%" PRIu64 ",\"batch\":%u,\"rows_per_s\":%.0f,\"cpu_us_per_row\":%.2f,"
           "\"commit_p50_us\":%.0f,\"commit_p99_us\":%.0f,\"batch_p50_us\":%.0f,\"batch_p99_us\":%.0f}\n",
           options->rows, options->batch, rate, (double)cpu / 1e3 / (double)options->rows, us(&log.commits, 0.5),
           us(&log.commits, 0.99), us(&log.batches, 0.5), us(&log.batches, 0.99));
    log_close(&log);
}

static void print_conditions(const struct options *options, const char *bench)
{
    const struct log_options *log = &options->log;
    printf("{\"bench\":\"%s\",\"cluster\":\"%s\",\"chats\":\"%s\",\"chat_count\":%" PRIu64
           ",\"content\":%u,\"page\":%d,\"cache_kib\":%d,\"checkpoint_pages\":%d,",
           bench, log->by_chat ? "by_chat" : "rowid", log->zipf ? "zipf" : "uniform", log->chats, log->content_bytes,
           log->page_bytes, log->cache_kib, log->checkpoint_pages);
}

/* Grows from empty, a million rows at a time. */
static void run_growth(const struct options *options)
{
    static struct store_log log;
    static struct hist small;
    static struct hist large;
    double small_rows = 0;
    double large_rows = 0;
    double first = 0;
    double last = 0;
    double first_cpu = 0;
    double last_cpu = 0;
    uint64_t small_count = 10000;
    uint64_t step = options->rows < 1000000 ? options->rows : 1000000;
    log_open(&log, &options->log);
    write_rows(&log, small_count, options->batch);
    log_read_pages(&log, 2000, &small, &small_rows);
    uint64_t bytes = written_bytes();
    uint64_t rows = 0;
    while (rows < options->rows) {
        int64_t step_cpu = cpu_ns();
        log_clear_times(&log);
        last = write_rows(&log, step, options->batch);
        last_cpu = (double)(cpu_ns() - step_cpu) / 1e3 / (double)step;
        rows += step;
        first = first == 0 ? last : first;
        first_cpu = first_cpu == 0 ? last_cpu : first_cpu;
        fprintf(stderr,
                "%" PRIu64 " rows: %.0f rows/s, %.1f us of CPU a row, commit p99 %.0f us, checkpoints %.0f us\n", rows,
                last, last_cpu, us(&log.commits, 0.99), log.checkpoints.sum / 1e3);
    }
    bytes = written_bytes() - bytes;
    log_read_pages(&log, 2000, &large, &large_rows);
    print_conditions(options, "store_growth");
    printf("\"rows\":%" PRIu64
           ",\"batch\":%u,\"first_rows_per_s\":%.0f,\"last_rows_per_s\":%.0f,\"last_to_first\":%.2f,"
           "\"bytes_per_row\":%.0f,\"cpu_us_per_row_first\":%.2f,\"cpu_us_per_row_last\":%.2f,"
           "\"commit_p50_us\":%.0f,\"commit_p99_us\":%.0f,\"batch_p50_us\":%.0f,\"batch_p99_us\":%.0f,\"checkpoint_p50_"
           "us\":%.0f,\"checkpoint_max_us\":%.0f,",
           rows, options->batch, first, last, last / first, (double)bytes / (double)rows, first_cpu, last_cpu,
           us(&log.commits, 0.5), us(&log.commits, 0.99), us(&log.batches, 0.5), us(&log.batches, 0.99),
           us(&log.checkpoints, 0.5), (double)log.checkpoints.max / 1e3);
    printf("\"page_small_rows\":%.1f,\"page_small_p50_us\":%.1f,\"page_small_p99_us\":%.1f,"
           "\"page_large_rows\":%.1f,\"page_large_p50_us\":%.1f,\"page_large_p99_us\":%.1f}\n",
           small_rows, us(&small, 0.5), us(&small, 0.99), large_rows, us(&large, 0.5), us(&large, 0.99));
    log_close(&log);
}

/* Rows arrive on a clock. Each batch takes what has arrived, as the server's
 * queue does; a row waits from its arrival to the end of its commit. */
static void run_rate(const struct options *options)
{
    static struct store_log log;
    static struct hist waits;
    int64_t gap = NS_PER_S / (int64_t)options->rate;
    uint64_t total = options->rate * options->seconds;
    uint64_t done = 0;
    log_open(&log, &options->log);
    write_rows(&log, options->rows, options->batch);
    log_clear_times(&log);
    uint64_t bytes = written_bytes();
    int64_t cpu = cpu_ns();
    int64_t start = now_ns();
    while (done < total) {
        int64_t now = now_ns();
        uint64_t due = (uint64_t)((now - start) / gap) + 1;
        due = due < total ? due : total;
        if (due <= done) {
            struct timespec pause = { 0, (long)(start + (int64_t)done * gap - now) };
            nanosleep(&pause, NULL);
            continue;
        }
        unsigned size = due - done < options->batch ? (unsigned)(due - done) : options->batch;
        log_write_batch(&log, size);
        int64_t end = now_ns();
        for (unsigned i = 0; i < size; i++)
            hist_add(&waits, end - (start + (int64_t)done++ * gap));
        log_checkpoint(&log);
    }
    cpu = cpu_ns() - cpu;
    bytes = written_bytes() - bytes;
    print_conditions(options, "store_rate");
    printf("\"rows_before\":%" PRIu64 ",\"rate\":%" PRIu64 ",\"wait_p50_us\":%.0f,\"wait_p99_us\":%.0f,"
           "\"wait_p999_us\":%.0f,\"wait_max_us\":%.0f,\"commit_p50_us\":%.0f,\"commit_p99_us\":%.0f,"
           "\"checkpoints\":%" PRIu64 ",\"checkpoint_p50_us\":%.0f,\"checkpoint_max_us\":%.0f,"
           "\"cpu_us_per_row\":%.2f,\"bytes_per_row\":%.0f}\n",
           options->rows, options->rate, us(&waits, 0.5), us(&waits, 0.99), us(&waits, 0.999), (double)waits.max / 1e3,
           us(&log.commits, 0.5), us(&log.commits, 0.99), log.checkpoints.count, us(&log.checkpoints, 0.5),
           (double)log.checkpoints.max / 1e3, (double)cpu / 1e3 / (double)total, (double)bytes / (double)total);
    log_close(&log);
}

static uint64_t number(const char *name, const char *text)
{
    char *end = NULL;
    unsigned long long value = strtoull(text, &end, 10);
    if (end == text || *end != '\0' || text[0] == '-')
        die("--%s wants a number, not '%s'", name, text);
    return value;
}

static bool one_of(const char *name, const char *text, const char *yes, const char *no)
{
    if (strcmp(text, yes) != 0 && strcmp(text, no) != 0)
        die("--%s is %s or %s", name, yes, no);
    return strcmp(text, yes) == 0;
}

enum store_option {
    DIR_,
    CHOICE,
    CLUSTER,
    FLOOR,
    ROWS,
    BATCH,
    CHATS,
    RATE,
    SECONDS,
    CONTENT,
    PAGE,
    CACHE,
    CHECKPOINT,
    SEED
};

static const struct option option_table[] = {
    [DIR_] = { "dir", required_argument, NULL, 0 },
    [CHOICE] = { "choice", required_argument, NULL, 0 },
    [CLUSTER] = { "cluster", required_argument, NULL, 0 },
    [FLOOR] = { "floor", no_argument, NULL, 0 },
    [ROWS] = { "rows", required_argument, NULL, 0 },
    [BATCH] = { "batch", required_argument, NULL, 0 },
    [CHATS] = { "chats", required_argument, NULL, 0 },
    [RATE] = { "rate", required_argument, NULL, 0 },
    [SECONDS] = { "seconds", required_argument, NULL, 0 },
    [CONTENT] = { "content", required_argument, NULL, 0 },
    [PAGE] = { "page", required_argument, NULL, 0 },
    [CACHE] = { "cache-kib", required_argument, NULL, 0 },
    [CHECKPOINT] = { "checkpoint-pages", required_argument, NULL, 0 },
    [SEED] = { "seed", required_argument, NULL, 0 },
    { NULL, 0, NULL, 0 },
};

static void set_option(struct options *options, int index, const char *text)
{
    const char *name = option_table[index].name;
    switch (index) {
    case DIR_:
        options->log.dir = text;
        return;
    case CHOICE:
        options->log.zipf = one_of(name, text, "zipf", "uniform");
        return;
    case CLUSTER:
        options->log.by_chat = one_of(name, text, "by_chat", "rowid");
        return;
    case FLOOR:
        options->floor = true;
        return;
    default:
        break;
    }
    uint64_t value = number(name, text);
    switch (index) {
    case ROWS:
        options->rows = value;
        break;
    case BATCH:
        options->batch = (unsigned)value;
        break;
    case CHATS:
        options->log.chats = value;
        break;
    case RATE:
        options->rate = value;
        break;
    case SECONDS:
        options->seconds = (unsigned)value;
        break;
    case CONTENT:
        options->log.content_bytes = (unsigned)value;
        break;
    case PAGE:
        options->log.page_bytes = (int)value;
        break;
    case CACHE:
        options->log.cache_kib = (int)value;
        break;
    case CHECKPOINT:
        options->log.checkpoint_pages = (int)value;
        break;
    default:
        options->log.seed = value;
        break;
    }
}

int main(int argc, char **argv)
{
    struct options options = { .log = { .dir = "/tmp", .content_bytes = 200, .chats = 100000, .seed = 1 },
                               .rows = 1000000,
                               .batch = 500,
                               .seconds = 10 };
    int index = 0;
    int letter;
    log_init(LOG_LEVEL_WARN, 2);
    while ((letter = getopt_long(argc, argv, "", option_table, &index)) != -1) {
        if (letter != 0)
            die("usage: store [--floor | --rate R --seconds S] [--rows N] [--batch B] [--chats C] [--choice "
                "zipf|uniform]"
                " [--cluster rowid|by_chat] [--content BYTES] [--page BYTES] [--cache-kib N] [--checkpoint-pages N]"
                " [--dir DIR] [--seed N]");
        set_option(&options, index, optarg);
    }
    if (optind != argc || options.batch == 0 || options.rows == 0 || options.log.chats == 0 || options.seconds == 0)
        die("rows, batch, chats and seconds are at least 1, and nothing else is expected");
    if (options.floor)
        run_floor(&options);
    else if (options.rate != 0)
        run_rate(&options);
    else
        run_growth(&options);
    return 0;
}
