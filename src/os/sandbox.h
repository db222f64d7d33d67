/* sandbox.h: a process that gives up everything but thinking.
 * After it, the process has its memory, its threads and the descriptors it
 * holds; it can open, connect, start and signal nothing, for good. */
#ifndef IM_OS_SANDBOX_H
#define IM_OS_SANDBOX_H

#include "util/err.h"

#include <stdint.h>

struct sandbox_limits {
    uint64_t memory_bytes; /* of address space; not kept under a sanitizer, which takes terabytes of it */
    uint64_t file_bytes;   /* the largest file it may write; beyond that a write fails with EFBIG */
    uint64_t cpu_s;        /* then it is killed */
    unsigned files;        /* descriptors at once */
};

/* Limits, no new privileges, Landlock (where the kernel has it), seccomp. Before there are other threads. ERR_SYSTEM:
 * this kernel or machine can't, and the process is to end; error (at least 128 bytes) says why. */
enum err sandbox_enter(const struct sandbox_limits *limits, char *error);

#endif
