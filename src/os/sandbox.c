/* sandbox.c: what remains is a list; whatever is not on it fails with EPERM.
 * Of calls on the list that could do more, the arguments are looked at:
 * memory is never executable, a clone is a thread, a signal goes to oneself.
 * Landlock says the same of files a second time, and of TCP. */
#include "os/sandbox.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/landlock.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#define ERROR_SIZE 128

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANITIZED 1
#endif
#endif
#ifndef SANITIZED
#define SANITIZED 0
#endif

#if defined(__x86_64__)
#define ARCHITECTURE AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define ARCHITECTURE AUDIT_ARCH_AARCH64
#endif

static enum err failed(char *error, const char *what)
{
    snprintf(error, ERROR_SIZE, "%s: %s", what, strerror(errno));
    return ERR_SYSTEM;
}

static enum err limit_set(int resource, uint64_t value, char *error)
{
    struct rlimit limit = { .rlim_cur = value, .rlim_max = value };
    struct rlimit now;
    if (getrlimit((unsigned)resource, &now) == 0 && now.rlim_max < limit.rlim_max)
        limit.rlim_cur = limit.rlim_max = now.rlim_max;
    return setrlimit((unsigned)resource, &limit) == 0 ? OK : failed(error, "setrlimit");
}

static enum err limits_set(const struct sandbox_limits *limits, char *error)
{
    signal(SIGXFSZ, SIG_IGN);
    enum err err = limit_set(RLIMIT_CORE, 0, error);
    if (err == OK && !SANITIZED)
        err = limit_set(RLIMIT_AS, limits->memory_bytes, error);
    if (err == OK)
        err = limit_set(RLIMIT_FSIZE, limits->file_bytes, error);
    if (err == OK)
        err = limit_set(RLIMIT_CPU, limits->cpu_s, error);
    if (err == OK)
        err = limit_set(RLIMIT_NOFILE, limits->files, error);
    return err;
}

/* A ruleset that handles everything and allows nothing. The kernel may be older than any of it. */
static void landlock_enter(void)
{
    long version = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
    if (version < 1)
        return;
    struct {
        uint64_t files;
        uint64_t net;
    } handled = {
        .files = (UINT64_C(1) << (version == 1   ? 13
                                  : version == 2 ? 14
                                  : version < 5  ? 15
                                                 : 16)) -
                 1,
        .net = version < 4 ? 0 : 3, /* TCP: bind, connect */
    };
    size_t size = version < 4 ? sizeof(handled.files) : sizeof(handled);
    int fd = (int)syscall(SYS_landlock_create_ruleset, &handled, size, 0);
    if (fd < 0)
        return;
    (void)syscall(SYS_landlock_restrict_self, fd, 0);
    close(fd);
}

#ifdef ARCHITECTURE

#define FIELD(name) ((uint32_t)offsetof(struct seccomp_data, name))
#define ARGUMENT(n) (FIELD(args) + 8 * (n)) /* its lower half: both machines are little-endian */
#define LOAD(offset) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offset)
#define ANSWER(action) BPF_STMT(BPF_RET | BPF_K, action)
#define REFUSED(code) (SECCOMP_RET_ERRNO | (code))
/* One that is always fine. */
#define ALLOW(call) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_##call, 0, 1), ANSWER(SECCOMP_RET_ALLOW)
/* Fine if none, or all, of these bits are in the argument, or if it is that value. */
#define ALLOW_WITHOUT(call, n, bits)                                                                                   \
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_##call, 0, 4), LOAD(ARGUMENT(n)),                                          \
        BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, bits, 1, 0), ANSWER(SECCOMP_RET_ALLOW), ANSWER(REFUSED(EPERM))
#define ALLOW_MASKED(call, n, mask, value)                                                                             \
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_##call, 0, 5), LOAD(ARGUMENT(n)),                                          \
        BPF_STMT(BPF_ALU | BPF_AND | BPF_K, mask), BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, 0, 1),                   \
        ANSWER(SECCOMP_RET_ALLOW), ANSWER(REFUSED(EPERM))

#define THREAD_FLAGS 0x00010f00u /* CLONE_THREAD, SIGHAND, FILES, FS and VM, with the bits below */

static enum err seccomp_enter(char *error)
{
    struct sock_filter filter[] = {
        LOAD(FIELD(arch)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ARCHITECTURE, 1, 0),
        ANSWER(SECCOMP_RET_KILL_PROCESS),
        LOAD(FIELD(nr)), /* x32's numbers are above all of these. */
        /* Descriptors that are there. */
        ALLOW(read),
        ALLOW(write),
        ALLOW(readv),
        ALLOW(writev),
        ALLOW(pread64),
        ALLOW(pwrite64),
        ALLOW(lseek),
        ALLOW(close),
        ALLOW(fstat),
        ALLOW(ftruncate),
        ALLOW(recvmsg),
        ALLOW(sendmsg),
#ifdef SYS_poll
        ALLOW(poll),
#endif
        ALLOW(ppoll),
        /* Memory; as code only where a sanitizer's runtime might. */
        ALLOW(brk),
        ALLOW(munmap),
        ALLOW(mremap),
        ALLOW(madvise),
        ALLOW_WITHOUT(mmap, 2, PROT_EXEC),
        ALLOW_WITHOUT(mprotect, 2, PROT_EXEC),
        /* Threads. */
        ALLOW(futex),
        ALLOW(set_robust_list),
        ALLOW(sched_yield),
        ALLOW(sched_getaffinity),
        ALLOW(gettid),
        ALLOW(getpid),
        ALLOW(exit),
        ALLOW(exit_group),
#ifdef SYS_rseq
        ALLOW(rseq),
#endif
        ALLOW(membarrier),
        ALLOW_MASKED(clone, 0, THREAD_FLAGS, THREAD_FLAGS),
        /* glibc falls back to clone. */
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_clone3, 0, 1),
        ANSWER(REFUSED(ENOSYS)),
        /* Signals, to oneself. */
        ALLOW(rt_sigaction),
        ALLOW(rt_sigprocmask),
        ALLOW(rt_sigreturn),
        ALLOW(sigaltstack),
        ALLOW(restart_syscall),
        ALLOW_MASKED(tgkill, 0, 0xffffffffu, (uint32_t)getpid()),
        /* Time and chance. */
        ALLOW(clock_gettime),
        ALLOW(clock_getres),
        ALLOW(clock_nanosleep),
        ALLOW(nanosleep),
        ALLOW(gettimeofday),
        ALLOW(getrandom),
        ANSWER(REFUSED(EPERM)),
    };
    struct sock_fprog program = { .len = sizeof(filter) / sizeof(filter[0]), .filter = filter };
    return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0 ? OK : failed(error, "seccomp");
}

#else

static enum err seccomp_enter(char *error)
{
    snprintf(error, ERROR_SIZE, "no list of system calls for this kind of machine");
    return ERR_SYSTEM;
}

#endif

enum err sandbox_enter(const struct sandbox_limits *limits, char *error)
{
    enum err err = limits_set(limits, error);
    if (err != OK)
        return err;
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        return failed(error, "no_new_privs");
    (void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
    landlock_enter();
    return seccomp_enter(error);
}
