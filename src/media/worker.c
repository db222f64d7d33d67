/* worker.c: a process that looks at strangers' pictures.
 * It loads libvips, gives up everything that it does not need for thinking,
 * says that it is ready, and then takes one request after the other. It trusts
 * the server; the server does not trust it (media/pictures.c). */
#include "media/worker.h"

#include "media/picture.h"
#include "media/vips_api.h"
#include "os/child.h"
#include "os/log.h"
#include "os/sandbox.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#define NICE 10      /* sockets first */
#define FILES_MAX 16 /* its own four and a request's */
#define CPU_S 3600   /* of its whole life */
#define EXIT_USAGE 2

static void answer_send(struct picture_answer *answer)
{
    answer->magic = PICTURE_MAGIC;
    (void)child_send(CHILD_FD, answer, sizeof(*answer), NULL, 0);
}

/* Only these loaders stay; each is used by name, so that a lying type is a broken picture. */
static bool vips_begin(struct vips_api *vips, char *error, size_t error_size)
{
    static const char *const loaders[] = { "VipsForeignLoadJpegBuffer", "VipsForeignLoadPngBuffer",
                                           "VipsForeignLoadNsgifBuffer", "VipsForeignLoadWebpBuffer" };
    if (!vips_api_load(vips, error, error_size))
        return false;
    if (vips->init("im_service") != 0) {
        snprintf(error, error_size, "%s", vips->error_buffer());
        return false;
    }
    vips->block_untrusted(1);
    vips->operation_block("VipsForeignLoad", 1);
    for (size_t i = 0; i < sizeof(loaders) / sizeof(loaders[0]); i++)
        vips->operation_block(loaders[i], 0);
    vips->cache_set_max(0);
    vips->concurrency_set(1);
    return true;
}

static void serve(const struct vips_api *vips)
{
    struct picture_request request;
    int fds[PICTURE_FDS];
    while (child_receive(CHILD_FD, &request, sizeof(request), fds, PICTURE_FDS, -1) == OK) {
        struct picture_answer answer;
        if (request.magic != PICTURE_MAGIC)
            return;
        picture_work(vips, &request, fds, &answer);
        for (size_t i = 0; i < PICTURE_FDS; i++)
            close(fds[i]);
        answer_send(&answer);
    }
}

int worker_main(int argc, char **argv)
{
    struct vips_api vips;
    struct picture_answer hello = { .status = PICTURE_OK };
    if (argc != 3 || child_settle() != OK) {
        fputs("im_service: media-worker is started by the server itself.\n", stderr);
        return EXIT_USAGE;
    }
    log_init(LOG_LEVEL_WARN, STDERR_FILENO);
    (void)setpriority(PRIO_PROCESS, 0, NICE);
    struct sandbox_limits limits = { .memory_bytes = strtoull(argv[1], NULL, 10),
                                     .file_bytes = strtoull(argv[2], NULL, 10),
                                     .cpu_s = CPU_S,
                                     .files = FILES_MAX };
    bool ready = vips_begin(&vips, hello.text, sizeof(hello.text)) && sandbox_enter(&limits, hello.text) == OK;
    if (!ready)
        hello.status = PICTURE_NO_WORKER;
    answer_send(&hello);
    if (ready)
        serve(&vips);
    _exit(ready ? 0 : 1); /* What libvips would do at the end is not on the sandbox's list. */
}
