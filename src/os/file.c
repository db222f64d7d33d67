/* file.c: files that are whole or absent, also after a power cut.
 * What a system call refuses is logged here, with the path; that a file does
 * not exist is an answer, not an event. */
#include "os/file.h"

#include "os/log.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#include "util/mem.h"

#define READ_BYTES 65536

static enum err failed(const char *call, const char *path)
{
    int code = errno;
    if (code == ENOENT)
        return ERR_NOT_FOUND;
    log_error("file", "a system call failed", LOG_TEXT("call", call), LOG_TEXT("path", path),
              LOG_TEXT("error", strerror(code)));
    switch (code) {
    case ENOSPC:
    case EDQUOT:
        return ERR_DISK_FULL;
    case EACCES:
    case EPERM:
    case EROFS:
        return ERR_DENIED;
    case EIO:
        return ERR_IO;
    default:
        return ERR_SYSTEM;
    }
}

/* The directory that holds path; the caller frees it. */
static char *parent_of(const char *path)
{
    size_t size = strlen(path);
    while (size > 1 && path[size - 1] == '/')
        size--;
    while (size > 0 && path[size - 1] != '/')
        size--;
    while (size > 1 && path[size - 1] == '/')
        size--;
    if (size == 0)
        return mem_dup(".", 2);
    char *parent = mem_dup(path, size + 1);
    parent[size] = '\0';
    return parent;
}

/* A name is on disk when the directory that holds it is synced. */
static enum err sync_parent(const char *path)
{
    enum err err = OK;
    char *parent = parent_of(path);
    int fd = open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0 || fsync(fd) < 0)
        err = failed("fsync", parent);
    if (fd >= 0)
        close(fd);
    free(parent);
    return err;
}

static enum err make_one(const char *path)
{
    if (mkdir(path, 0700) == 0)
        return sync_parent(path);
    if (errno != EEXIST)
        return failed("mkdir", path);
    struct stat info;
    if (stat(path, &info) < 0)
        return failed("stat", path);
    if (S_ISDIR(info.st_mode))
        return OK;
    errno = ENOTDIR;
    return failed("mkdir", path);
}

enum err file_make_dir(const char *path)
{
    if (*path == '\0')
        return ERR_ARG;
    char *prefix = mem_dup(path, strlen(path) + 1);
    enum err err = OK;
    for (char *at = prefix + 1; err == OK && *at != '\0'; at++) {
        if (*at != '/')
            continue;
        *at = '\0';
        err = make_one(prefix);
        *at = '/';
    }
    if (err == OK)
        err = make_one(prefix);
    free(prefix);
    return err;
}

static enum err read_all(int fd, const char *path, size_t size_max, struct buf *out)
{
    for (;;) {
        /* One byte more than allowed is asked for, to notice that it is there. */
        size_t ask = size_max - out->size < READ_BYTES ? size_max - out->size + 1 : READ_BYTES;
        buf_reserve(out, ask);
        ssize_t got = read(fd, out->ptr + out->size, ask);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return failed("read", path);
        if (got == 0)
            return OK;
        out->size += (size_t)got;
        if (out->size > size_max)
            return ERR_TOO_LARGE;
    }
}

enum err file_read(const char *path, size_t size_max, struct buf *out)
{
    buf_clear(out);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return failed("open", path);
    enum err err = read_all(fd, path, size_max, out);
    if (err != OK)
        buf_clear(out);
    close(fd);
    return err;
}

static enum err write_all(int fd, const char *path, struct str bytes)
{
    while (bytes.size > 0) {
        ssize_t put = write(fd, bytes.ptr, bytes.size);
        if (put < 0 && errno == EINTR)
            continue;
        if (put < 0)
            return failed("write", path);
        bytes.ptr += put;
        bytes.size -= (size_t)put;
    }
    return OK;
}

static enum err write_temporary(int fd, const char *temporary, struct str bytes, unsigned mode)
{
    if (fchmod(fd, (mode_t)mode) < 0)
        return failed("fchmod", temporary);
    enum err err = write_all(fd, temporary, bytes);
    if (err == OK && fsync(fd) < 0)
        err = failed("fsync", temporary);
    return err;
}

enum err file_write_atomic(const char *path, struct str bytes, unsigned mode)
{
    struct buf name = { 0 };
    buf_append_format(&name, "%s.XXXXXX", path);
    buf_append_byte(&name, '\0');
    enum err err = OK;
    int fd = mkostemp(name.ptr, O_CLOEXEC);
    if (fd < 0) {
        err = failed("mkostemp", path);
        goto out;
    }
    err = write_temporary(fd, name.ptr, bytes, mode);
    if (close(fd) < 0 && err == OK)
        err = failed("close", name.ptr);
    if (err == OK && rename(name.ptr, path) < 0)
        err = failed("rename", path);
    if (err != OK) {
        unlink(name.ptr);
        goto out;
    }
    err = sync_parent(path);
out:
    buf_release(&name);
    return err;
}

enum err file_create(const char *path, int *fd)
{
    *fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (*fd >= 0)
        return OK;
    return errno == EEXIST ? ERR_EXISTS : failed("open", path);
}

enum err file_append(int fd, const char *path, struct str bytes)
{
    return write_all(fd, path, bytes);
}

enum err file_open_write(const char *path, int *fd)
{
    *fd = open(path, O_WRONLY | O_CLOEXEC);
    return *fd >= 0 ? OK : failed("open", path);
}

enum err file_write_at(int fd, const char *path, uint64_t offset, struct str bytes)
{
    while (bytes.size > 0) {
        ssize_t put = pwrite(fd, bytes.ptr, bytes.size, (off_t)offset);
        if (put < 0 && errno == EINTR)
            continue;
        if (put < 0)
            return failed("pwrite", path);
        bytes.ptr += put;
        bytes.size -= (size_t)put;
        offset += (uint64_t)put;
    }
    return OK;
}

void file_write_out(int fd, uint64_t offset, uint64_t size)
{
    (void)sync_file_range(fd, (off_t)offset, (off_t)size, SYNC_FILE_RANGE_WRITE);
}

enum err file_sync(int fd, const char *path)
{
    return fsync(fd) == 0 ? OK : failed("fsync", path);
}

enum err file_sync_name(const char *path)
{
    return sync_parent(path);
}

enum err file_link(const char *path, const char *name)
{
    if (link(path, name) == 0)
        return sync_parent(name);
    if (errno == ENOENT && access(path, F_OK) == 0) {
        char *parent = parent_of(name);
        enum err err = file_make_dir(parent);
        free(parent);
        if (err != OK)
            return err;
        if (link(path, name) == 0)
            return sync_parent(name);
    }
    return errno == EEXIST ? ERR_EXISTS : failed("link", name);
}

enum err file_move(const char *path, const char *name)
{
    if (rename(path, name) == 0)
        return OK;
    if (errno != ENOENT || access(path, F_OK) != 0)
        return failed("rename", name);
    char *parent = parent_of(name);
    enum err err = file_make_dir(parent);
    free(parent);
    if (err != OK)
        return err;
    return rename(path, name) == 0 ? OK : failed("rename", name);
}

enum err file_remove(const char *path)
{
    return unlink(path) == 0 ? OK : failed("unlink", path);
}

enum err file_open(const char *path, int *fd, uint64_t *size)
{
    struct stat info;
    *fd = open(path, O_RDONLY | O_CLOEXEC);
    if (*fd < 0)
        return failed("open", path);
    if (fstat(*fd, &info) == 0 && S_ISREG(info.st_mode)) {
        *size = (uint64_t)info.st_size;
        return OK;
    }
    enum err err = failed("fstat", path);
    file_close(fd);
    return err;
}

enum err file_read_at(int fd, const char *path, uint64_t offset, char *bytes, size_t size)
{
    while (size > 0) {
        ssize_t got = pread(fd, bytes, size, (off_t)offset);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return failed("pread", path);
        if (got == 0)
            return ERR_IO;
        bytes += got;
        size -= (size_t)got;
        offset += (uint64_t)got;
    }
    return OK;
}

enum err file_send(int fd, const char *path, int socket, uint64_t *offset, size_t size)
{
    while (size > 0) {
        off_t at = (off_t)*offset;
        ssize_t sent = sendfile(socket, fd, &at, size);
        if (sent < 0 && errno == EINTR)
            continue;
        if (sent < 0 && errno == EAGAIN)
            return OK;
        if (sent < 0 && (errno == EPIPE || errno == ECONNRESET || errno == ENOTCONN || errno == ETIMEDOUT))
            return ERR_CLOSED;
        if (sent < 0)
            return failed("sendfile", path);
        if (sent == 0)
            return ERR_IO;
        *offset += (uint64_t)sent;
        size -= (size_t)sent;
    }
    return OK;
}

void file_close(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

enum err file_hold(int fd, const char *path, enum file_hold how)
{
    struct stat own;
    struct stat named;
    if (flock(fd, (how == FILE_ALONE ? LOCK_EX : LOCK_SH) | LOCK_NB) != 0)
        return errno == EWOULDBLOCK ? ERR_BUSY : failed("flock", path);
    if (fstat(fd, &own) != 0)
        return failed("fstat", path);
    if (stat(path, &named) != 0)
        return errno == ENOENT ? ERR_NOT_FOUND : failed("stat", path);
    return own.st_ino == named.st_ino && own.st_dev == named.st_dev ? OK : ERR_NOT_FOUND;
}

enum err file_written_ms(const char *path, int64_t *ms)
{
    struct stat named;
    if (stat(path, &named) != 0)
        return errno == ENOENT ? ERR_NOT_FOUND : failed("stat", path);
    *ms = (int64_t)named.st_mtim.tv_sec * 1000 + named.st_mtim.tv_nsec / 1000000;
    return OK;
}

enum err file_list(const char *path, void (*each)(void *context, const char *name), void *context)
{
    DIR *dir = opendir(path);
    struct dirent *entry;
    if (dir == NULL)
        return failed("opendir", path);
    while ((entry = readdir(dir)) != NULL)
        if (entry->d_name[0] != '.')
            each(context, entry->d_name);
    closedir(dir);
    return OK;
}

enum err file_lock(const char *path, struct file_lock *lock)
{
    lock->fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (lock->fd < 0)
        return failed("open", path);
    if (flock(lock->fd, LOCK_EX | LOCK_NB) == 0)
        return OK;
    enum err err = errno == EWOULDBLOCK ? ERR_BUSY : failed("flock", path);
    file_unlock(lock);
    return err;
}

void file_unlock(struct file_lock *lock)
{
    if (lock->fd >= 0)
        close(lock->fd);
    lock->fd = -1;
}
