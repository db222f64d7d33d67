/* test_sandbox.c: what a process in the sandbox can't do, tried in one. */
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "os/sandbox.h"

#define EXIT_NO_SANDBOX 100
#define MIB (UINT64_C(1) << 20)

static const struct sandbox_limits limits = { .memory_bytes = 512 * MIB, .file_bytes = 4096, .cpu_s = 60, .files = 32 };

/* The exit status of run in a sandbox of its own; 1000 + a signal's number. */
static int status_in_sandbox(int (*run)(void))
{
    fflush(NULL);
    pid_t pid = fork();
    if (pid == 0) {
        char error[128] = "";
        if (sandbox_enter(&limits, error) != OK) {
            fprintf(stderr, "%s\n", error);
            _exit(EXIT_NO_SANDBOX);
        }
        _exit(run());
    }
    int status = 0;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
}

/* 0 when the call failed with EPERM. */
static int refused(long result)
{
    return result == -1 && errno == EPERM ? 0 : 1;
}

static int opens(void)
{
    return refused(open("/etc/passwd", O_RDONLY)) + refused(open("/tmp/im_sandbox", O_WRONLY | O_CREAT, 0600)) +
           refused(open("/proc/self/mem", O_RDWR)) + refused(syscall(SYS_openat, AT_FDCWD, "/", O_PATH)) +
           refused(memfd_create("x", 0));
}

static int changes_files(void)
{
    return refused(unlink("/tmp/im_sandbox")) + refused(mkdir("/tmp/im_sandbox", 0700)) +
           refused(rename("/tmp/a", "/tmp/b")) + refused(chdir("/")) + refused(chmod("/tmp", 0700));
}

static int connects(void)
{
    int fds[2];
    return refused(socket(AF_INET, SOCK_STREAM, 0)) + refused(socket(AF_UNIX, SOCK_STREAM, 0)) +
           refused(socketpair(AF_UNIX, SOCK_STREAM, 0, fds)) + refused(connect(0, NULL, 0)) +
           refused(bind(0, NULL, 0)) + refused(pipe(fds));
}

static int starts(void)
{
    char *const nothing[] = { NULL };
    return refused(syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0)) + refused(execve("/bin/true", nothing, nothing)) +
           refused(syscall(SYS_execveat, AT_FDCWD, "/bin/true", nothing, nothing, 0)) +
           (syscall(SYS_clone3, NULL, 0) == -1 && errno == ENOSYS ? 0 : 1);
}

static int reaches_others(void)
{
    return refused(kill(getppid(), 0)) + refused(ptrace(PTRACE_ATTACH, 1, NULL, NULL)) +
           refused(syscall(SYS_tgkill, 1, 1, 0)) + refused(syscall(SYS_process_vm_readv, 1, NULL, 0, NULL, 0, 0)) +
           refused(syscall(SYS_bpf, 0, NULL, 0)) + refused(syscall(SYS_unshare, 0)) +
           refused(syscall(SYS_io_uring_setup, 1, NULL)) + refused(syscall(SYS_setuid, 0));
}

static int raises_limits(void)
{
    struct rlimit limit = { RLIM_INFINITY, RLIM_INFINITY };
    return refused(setrlimit(RLIMIT_AS, &limit)) + refused(syscall(SYS_prlimit64, 0, RLIMIT_CPU, &limit, NULL));
}

static int makes_code(void)
{
    void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    int bad = page == MAP_FAILED;
    bad += refused(mprotect(page, 4096, PROT_READ | PROT_EXEC));
    return bad + (mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED);
}

static void what_reaches_out_is_refused(void **state)
{
    (void)state;
    assert_int_equal(status_in_sandbox(opens), 0);
    assert_int_equal(status_in_sandbox(changes_files), 0);
    assert_int_equal(status_in_sandbox(connects), 0);
    assert_int_equal(status_in_sandbox(starts), 0);
    assert_int_equal(status_in_sandbox(reaches_others), 0);
    assert_int_equal(status_in_sandbox(raises_limits), 0);
    assert_int_equal(status_in_sandbox(makes_code), 0);
}

static int fds[2];

static int talks(void)
{
    char letter = 0;
    if (write(fds[0], "x", 1) != 1 || read(fds[0], &letter, 1) != 1)
        return 1;
    return letter == 'y' ? 0 : 2;
}

static void descriptors_that_are_there_go_on_working(void **state)
{
    (void)state;
    char letter = 0;
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
    assert_int_equal(write(fds[1], "y", 1), 1);
    assert_int_equal(status_in_sandbox(talks), 0);
    assert_int_equal(read(fds[1], &letter, 1), 1);
    assert_int_equal(letter, 'x');
    close(fds[0]);
    close(fds[1]);
}

static void *count(void *argument)
{
    *(int *)argument += 1;
    return NULL;
}

static int threads(void)
{
    pthread_t thread;
    int sum = 0;
    for (unsigned i = 0; i < 3; i++)
        if (pthread_create(&thread, NULL, count, &sum) != 0 || pthread_join(thread, NULL) != 0)
            return 1;
    return sum == 3 ? 0 : 2;
}

static int memory(void)
{
    char *some = malloc(50 * MIB);
    if (some == NULL)
        return 1;
    memset(some, 1, 50 * MIB);
    free(some);
    return 0;
}

static void threads_and_memory_go_on_working(void **state)
{
    (void)state;
    assert_int_equal(status_in_sandbox(threads), 0);
    assert_int_equal(status_in_sandbox(memory), 0);
}

static int fills_memory(void)
{
    return mmap(NULL, 600 * MIB, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED ? 0 : 1;
}

static int output;

static int fills_disk(void)
{
    char page[5000] = { 0 };
    return write(output, page, sizeof(page)) == 4096 && write(output, page, 1) == -1 && errno == EFBIG ? 0 : 1;
}

static int aborts(void)
{
    abort();
}

static void its_limits_hold(void **state)
{
    (void)state;
    char name[] = "/tmp/im_sandbox_XXXXXX";
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
    assert_int_equal(status_in_sandbox(fills_memory), 0);
#else
    (void)fills_memory;
#endif
    output = mkstemp(name);
    assert_true(output >= 0);
    unlink(name);
    assert_int_equal(status_in_sandbox(fills_disk), 0);
    close(output);
    assert_int_equal(status_in_sandbox(aborts), 1000 + SIGABRT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_reaches_out_is_refused),
        cmocka_unit_test(descriptors_that_are_there_go_on_working),
        cmocka_unit_test(threads_and_memory_go_on_working),
        cmocka_unit_test(its_limits_hold),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
