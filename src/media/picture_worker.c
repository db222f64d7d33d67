/* picture_worker.c: start, ask, doubt, end. */
#include "media/picture_worker.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define START_MS 20000                            /* a busy machine with a sanitizer */
#define MEMORY_BASE ((uint64_t)512 * 1024 * 1024) /* libraries, stacks, rows of pixels */
#define MEMORY_PER_PIXEL 12                       /* three copies, of three or four bytes */
#define FILE_BASE ((uint64_t)16 * 1024 * 1024)
#define FILE_FACTOR 4 /* what is turned is compressed again, and may grow */
#define ENVIRONMENT_MAX 16

extern char **environ;

/* Nothing of the server's environment but what finds libraries and, in tests, what a sanitizer is told: there may be
 * secrets in it. */
static void environment_make(const char *environment[ENVIRONMENT_MAX])
{
    static const char *const own[] = {
        "VIPSHOME=/nonexistent", /* no plug-ins */
        "VIPS_NOVECTOR=1",       /* no code made at run time, which the sandbox would not let run */
        "VIPS_WARNING=1",        /* no lines on stderr */
        "VIPS_CONCURRENCY=1",
        "MALLOC_ARENA_MAX=2",
        "LC_ALL=C",
        "TSAN_OPTIONS=report_bugs=0", /* GLib and libvips are not built for it: it sees races in their locks */
    };
    static const char *const passed[] = { "LD_LIBRARY_PATH=", "ASAN_OPTIONS=", "UBSAN_OPTIONS=" };
    size_t count = 0;
    for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++)
        environment[count++] = own[i];
    for (char **entry = environ; *entry != NULL; entry++)
        for (size_t i = 0; i < sizeof(passed) / sizeof(passed[0]); i++)
            if (strncmp(*entry, passed[i], strlen(passed[i])) == 0 && count < ENVIRONMENT_MAX - 1)
                environment[count++] = *entry;
    environment[count] = NULL;
}

void picture_worker_end(struct picture_worker *worker)
{
    child_end(&worker->child);
}

enum err picture_worker_start(struct picture_worker *worker, const struct picture_limits *limits, char *text)
{
    char memory[24];
    char file[24];
    const char *environment[ENVIRONMENT_MAX];
    struct picture_answer hello;
    if (worker->child.pid != 0 && worker->jobs < PICTURE_WORKER_JOBS)
        return OK;
    picture_worker_end(worker);
    worker->jobs = 0;
    snprintf(memory, sizeof(memory), "%llu",
             (unsigned long long)(MEMORY_BASE + limits->pixels_max * MEMORY_PER_PIXEL + limits->size_max * 2));
    snprintf(file, sizeof(file), "%llu", (unsigned long long)(FILE_BASE + limits->size_max * FILE_FACTOR));
    const char *const arguments[] = { "im_service", "media-worker", memory, file, NULL };
    environment_make(environment);
    snprintf(text, sizeof(hello.text), "it can't be started");
    enum err err = child_start(arguments, environment, &worker->child);
    if (err != OK)
        return err;
    err = child_receive(worker->child.fd, &hello, sizeof(hello), NULL, 0, START_MS);
    if (err == OK && hello.magic == PICTURE_MAGIC && hello.status == PICTURE_OK)
        return OK;
    hello.text[sizeof(hello.text) - 1] = '\0';
    snprintf(text, sizeof(hello.text), "%s",
             err == OK            ? hello.text
             : err == ERR_TIMEOUT ? "it does not get ready"
                                  : "it ended at its start");
    picture_worker_end(worker);
    return err == OK ? ERR_SYSTEM : err;
}

/* A data: URL of base64, or nothing. */
static bool blur_good(const char *blur)
{
    static const char start[] = "data:image/webp;base64,";
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=";
    if (*blur == '\0')
        return true;
    return strncmp(blur, start, sizeof(start) - 1) == 0 &&
           strspn(blur + sizeof(start) - 1, letters) == strlen(blur + sizeof(start) - 1);
}

static bool answer_good(struct picture_answer *answer, const struct picture_limits *limits)
{
    if (answer->magic != PICTURE_MAGIC || memchr(answer->blur, '\0', sizeof(answer->blur)) == NULL ||
        memchr(answer->text, '\0', sizeof(answer->text)) == NULL)
        return false;
    if (answer->status != PICTURE_OK)
        return answer->status == PICTURE_BROKEN || answer->status == PICTURE_TOO_LARGE ||
               answer->status == PICTURE_NO_SPACE;
    return answer->width > 0 && answer->height > 0 && answer->frames > 0 && answer->frames <= STRIP_FRAMES_MAX &&
           (uint64_t)answer->width * answer->height <= limits->pixels_max && answer->thumbs < 1u << PICTURE_WIDTHS &&
           answer->clean_size <= FILE_BASE + limits->size_max * FILE_FACTOR && blur_good(answer->blur);
}

enum err picture_worker_ask(struct picture_worker *worker, const struct picture_limits *limits,
                            const struct picture_request *request, const int fds[PICTURE_FDS],
                            struct picture_answer *answer)
{
    worker->jobs++;
    enum err err = child_send(worker->child.fd, request, sizeof(*request), fds, PICTURE_FDS);
    if (err == OK)
        err = child_receive(worker->child.fd, answer, sizeof(*answer), NULL, 0, limits->time_ms);
    if (err == OK && !answer_good(answer, limits))
        err = ERR_PARSE;
    if (err != OK)
        picture_worker_end(worker);
    return err;
}
