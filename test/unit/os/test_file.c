/* test_file.c: on a real file system, in a directory of the test's own. */
#include "unit.h"

#include "os/file.h"
#include "os/log.h"

#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char root[64];

/* A path below the test's directory; a few live at once. */
static const char *at(const char *name)
{
    static char paths[4][256];
    static unsigned next;
    char *path = paths[next++ % 4];
    snprintf(path, sizeof(paths[0]), "%s/%s", root, name);
    return path;
}

static int make_root(void **state)
{
    (void)state;
    /* What a refused call logs is not for the test's reader. */
    log_init(LOG_LEVEL_ERROR, open("/dev/null", O_WRONLY | O_CLOEXEC));
    strcpy(root, "/tmp/im-test-file-XXXXXX");
    return mkdtemp(root) == NULL;
}

static int remove_one(const char *path, const struct stat *info, int type, struct FTW *walk)
{
    (void)info, (void)type, (void)walk;
    return remove(path);
}

static int remove_root(void **state)
{
    (void)state;
    return nftw(root, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static unsigned mode_of(const char *path)
{
    struct stat info;
    assert_int_equal(stat(path, &info), 0);
    return info.st_mode & 07777;
}

static int entries(void)
{
    int count = 0;
    DIR *dir = opendir(root);
    while (readdir(dir) != NULL)
        count++;
    closedir(dir);
    return count - 2;
}

static void directories_are_made_with_their_parents_for_the_owner_alone(void **state)
{
    (void)state;
    assert_int_equal(file_make_dir(at("a/b//c/")), OK);
    assert_int_equal(mode_of(at("a")), 0700);
    assert_int_equal(mode_of(at("a/b/c")), 0700);
    assert_int_equal(file_make_dir(at("a/b/c")), OK);
}

static void a_directory_that_was_there_keeps_its_mode(void **state)
{
    (void)state;
    assert_int_equal(mkdir(at("open"), 0755), 0);
    assert_int_equal(chmod(at("open"), 0755), 0);
    assert_int_equal(file_make_dir(at("open/inner")), OK);
    assert_int_equal(mode_of(at("open")), 0755);
}

static void a_relative_directory_is_made_where_the_process_stands(void **state)
{
    (void)state;
    char before[4096];
    assert_non_null(getcwd(before, sizeof(before)));
    assert_int_equal(chdir(root), 0);
    assert_int_equal(file_make_dir("x/y"), OK);
    assert_int_equal(chdir(before), 0);
    assert_int_equal(mode_of(at("x/y")), 0700);
}

static void a_file_in_the_way_of_a_directory_is_an_error(void **state)
{
    (void)state;
    assert_int_equal(file_write_atomic(at("file"), STR("x"), 0600), OK);
    assert_int_equal(file_make_dir(at("file")), ERR_SYSTEM);
    assert_int_equal(file_make_dir(at("file/below")), ERR_SYSTEM);
    assert_int_equal(file_make_dir(""), ERR_ARG);
}

static void what_was_written_is_read(void **state)
{
    (void)state;
    struct buf bytes = { 0 };
    struct buf back = { 0 };
    for (int i = 0; i < 200000; i++)
        buf_append_byte(&bytes, (char)(i % 253));
    assert_int_equal(file_write_atomic(at("f"), buf_str(&bytes), 0640), OK);
    assert_int_equal(mode_of(at("f")), 0640);
    assert_int_equal(file_read(at("f"), SIZE_MAX, &back), OK);
    assert_true(str_equal(buf_str(&bytes), buf_str(&back)));
    assert_int_equal(file_write_atomic(at("f"), STR_NONE, 0600), OK);
    assert_int_equal(file_read(at("f"), 0, &back), OK);
    assert_int_equal(back.size, 0);
    assert_int_equal(entries(), 1); /* no temporary is left */
    buf_release(&bytes);
    buf_release(&back);
}

static void reading_is_bounded_to_the_byte(void **state)
{
    (void)state;
    struct buf back = { 0 };
    assert_int_equal(file_write_atomic(at("f"), STR("12345"), 0600), OK);
    assert_int_equal(file_read(at("f"), 5, &back), OK);
    assert_str(buf_str(&back), STR("12345"));
    assert_int_equal(file_read(at("f"), 4, &back), ERR_TOO_LARGE);
    assert_int_equal(back.size, 0);
    buf_release(&back);
}

static void what_cannot_be_read_says_why(void **state)
{
    (void)state;
    struct buf back = { 0 };
    assert_int_equal(file_read(at("absent"), 10, &back), ERR_NOT_FOUND);
    assert_int_equal(file_read(root, 10, &back), ERR_SYSTEM); /* a directory */
    buf_release(&back);
}

static void a_write_that_fails_leaves_the_old_file_and_nothing_else(void **state)
{
    (void)state;
    struct buf back = { 0 };
    assert_int_equal(file_write_atomic(at("f"), STR("old"), 0600), OK);
    pid_t child = fork();
    if (child == 0) {
        /* The kernel refuses to let any file grow past 100 bytes. */
        signal(SIGXFSZ, SIG_IGN);
        setrlimit(RLIMIT_FSIZE, &(struct rlimit){ 100, 100 });
        static char bytes[1000];
        _exit(file_write_atomic(at("f"), (struct str){ bytes, sizeof(bytes) }, 0600) == ERR_SYSTEM ? 0 : 1);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    assert_int_equal(file_read(at("f"), 100, &back), OK);
    assert_str(buf_str(&back), STR("old"));
    assert_int_equal(entries(), 1);
    assert_int_equal(file_write_atomic(at("none/f"), STR("x"), 0600), ERR_NOT_FOUND);
    buf_release(&back);
}

static void writing_replaces_a_link_and_not_what_it_points_to(void **state)
{
    (void)state;
    struct buf back = { 0 };
    assert_int_equal(file_write_atomic(at("target"), STR("kept"), 0600), OK);
    assert_int_equal(symlink(at("target"), at("link")), 0);
    assert_int_equal(file_write_atomic(at("link"), STR("new"), 0600), OK);
    assert_int_equal(file_read(at("link"), 10, &back), OK);
    assert_str(buf_str(&back), STR("new"));
    assert_int_equal(file_read(at("target"), 10, &back), OK);
    assert_str(buf_str(&back), STR("kept"));
    buf_release(&back);
}

/* flock(2) belongs to the open file, so a second lock shows it in one process too. */
static void a_lock_is_held_by_one_until_released(void **state)
{
    (void)state;
    struct file_lock first;
    struct file_lock second;
    assert_int_equal(file_lock(at("lock"), &first), OK);
    assert_int_equal(mode_of(at("lock")), 0600);
    assert_int_equal(file_lock(at("lock"), &second), ERR_BUSY);
    assert_int_equal(second.fd, -1);
    file_unlock(&second);
    file_unlock(&first);
    assert_int_equal(first.fd, -1);
    assert_int_equal(file_lock(at("lock"), &second), OK);
    file_unlock(&second);
}

static void a_lock_ends_with_its_process_and_not_with_a_program_it_starts(void **state)
{
    (void)state;
    int ready[2];
    assert_int_equal(pipe(ready), 0);
    pid_t child = fork();
    if (child == 0) {
        struct file_lock lock;
        char result = file_lock(at("lock"), &lock) == OK ? 'y' : 'n';
        if (write(ready[1], &result, 1) != 1)
            _exit(1);
        pause();
    }
    char result;
    assert_int_equal(read(ready[0], &result, 1), 1);
    assert_int_equal(result, 'y');
    struct file_lock lock;
    assert_int_equal(file_lock(at("lock"), &lock), ERR_BUSY);
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    assert_int_equal(file_lock(at("lock"), &lock), OK);
    assert_true((fcntl(lock.fd, F_GETFD) & FD_CLOEXEC) != 0);
    file_unlock(&lock);
    close(ready[0]);
    close(ready[1]);
}

static void a_lock_in_no_directory_is_an_error(void **state)
{
    (void)state;
    struct file_lock lock;
    assert_int_equal(file_lock(at("none/lock"), &lock), ERR_NOT_FOUND);
    assert_int_equal(lock.fd, -1);
}

static void a_file_goes_into_a_socket_as_far_as_there_is_room(void **state)
{
    (void)state;
    static char bytes[3000000];
    static char got[3000000];
    int ends[2];
    int fd;
    uint64_t size;
    uint64_t offset = 10;
    for (size_t i = 0; i < sizeof(bytes); i++)
        bytes[i] = (char)(i * 7 + i / 256);
    assert_int_equal(file_write_atomic(at("large"), (struct str){ bytes, sizeof(bytes) }, 0600), OK);
    assert_int_equal(file_open(at("large"), &fd, &size), OK);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends), 0);
    assert_int_equal(file_send(fd, "large", ends[0], &offset, sizeof(bytes) - 10), OK);
    assert_in_range(offset, 11, sizeof(bytes) - 1);
    for (size_t came = 10; came < sizeof(bytes);) {
        ssize_t more = read(ends[1], got + came, sizeof(got) - came);
        if (more > 0)
            came += (size_t)more;
        else
            assert_int_equal(file_send(fd, "large", ends[0], &offset, sizeof(bytes) - offset), OK);
    }
    assert_memory_equal(got + 10, bytes + 10, sizeof(bytes) - 10);
    assert_int_equal(file_send(fd, "large", ends[0], &offset, 1), ERR_IO);
    close(ends[1]);
    offset = 0;
    signal(SIGPIPE, SIG_IGN);
    assert_int_equal(file_send(fd, "large", ends[0], &offset, 10), ERR_CLOSED);
    signal(SIGPIPE, SIG_DFL);
    close(ends[0]);
    file_close(&fd);
}

static void a_file_is_written_in_any_order(void **state)
{
    (void)state;
    int fd;
    struct buf read = { 0 };
    assert_int_equal(file_open_write(at("parts"), &fd), ERR_NOT_FOUND);
    assert_int_equal(file_create(at("parts"), &fd), OK);
    file_close(&fd);
    assert_int_equal(file_sync_name(at("parts")), OK);
    assert_int_equal(file_open_write(at("parts"), &fd), OK);
    assert_int_equal(file_write_at(fd, "parts", 3, STR("def")), OK);
    assert_int_equal(file_write_at(fd, "parts", 0, STR("abc")), OK);
    file_close(&fd);
    assert_int_equal(file_read(at("parts"), 100, &read), OK);
    assert_int_equal(read.size, 6);
    assert_memory_equal(read.ptr, "abcdef", 6);
    buf_release(&read);
}

int main(void)
{
#define IN_ROOT(test) cmocka_unit_test_setup_teardown(test, make_root, remove_root)
    const struct CMUnitTest tests[] = {
        IN_ROOT(directories_are_made_with_their_parents_for_the_owner_alone),
        IN_ROOT(a_directory_that_was_there_keeps_its_mode),
        IN_ROOT(a_relative_directory_is_made_where_the_process_stands),
        IN_ROOT(a_file_in_the_way_of_a_directory_is_an_error),
        IN_ROOT(what_was_written_is_read),
        IN_ROOT(reading_is_bounded_to_the_byte),
        IN_ROOT(what_cannot_be_read_says_why),
        IN_ROOT(a_write_that_fails_leaves_the_old_file_and_nothing_else),
        IN_ROOT(writing_replaces_a_link_and_not_what_it_points_to),
        IN_ROOT(a_lock_is_held_by_one_until_released),
        IN_ROOT(a_lock_ends_with_its_process_and_not_with_a_program_it_starts),
        IN_ROOT(a_lock_in_no_directory_is_an_error),
        IN_ROOT(a_file_goes_into_a_socket_as_far_as_there_is_room),
        IN_ROOT(a_file_is_written_in_any_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
