/* listen_socket.c: addresses and socket options, kept away from the loops. */
#include "net/listen_socket.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "os/log.h"

enum { LISTEN_BACKLOG = 4096 };

union address {
    struct sockaddr any;
    struct sockaddr_in in;
    struct sockaddr_in6 in6;
    struct sockaddr_un un;
};

static socklen_t address_size(const union address *address)
{
    if (address->any.sa_family == AF_UNIX)
        return sizeof(address->un);
    return address->any.sa_family == AF_INET ? sizeof(address->in) : sizeof(address->in6);
}

static enum err errno_err(int number)
{
    if (number == EADDRINUSE)
        return ERR_BUSY;
    if (number == EACCES || number == EPERM)
        return ERR_DENIED;
    return number == EADDRNOTAVAIL ? ERR_ARG : ERR_SYSTEM;
}

static bool is_wildcard(const char *host)
{
    return host == NULL || host[0] == '\0' || strcmp(host, "*") == 0;
}

static bool ipv6_works(void)
{
    int fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return false;
    union address loopback = { .in6 = { .sin6_family = AF_INET6, .sin6_addr = in6addr_loopback } };
    bool works = bind(fd, &loopback.any, sizeof(loopback.in6)) == 0;
    close(fd);
    return works;
}

static bool address_parse(const char *host, unsigned port, union address *address)
{
    memset(address, 0, sizeof(*address));
    if (port > UINT16_MAX)
        return false;
    if (is_wildcard(host))
        host = ipv6_works() ? "::" : "0.0.0.0";
    if (inet_pton(AF_INET, host, &address->in.sin_addr) == 1) {
        address->in.sin_family = AF_INET;
        address->in.sin_port = htons((uint16_t)port);
        return true;
    }
    address->in6.sin6_family = AF_INET6;
    address->in6.sin6_port = htons((uint16_t)port);
    return inet_pton(AF_INET6, host, &address->in6.sin6_addr) == 1;
}

static int set_option(int fd, int level, int name, int value)
{
    return setsockopt(fd, level, name, &value, sizeof(value));
}

/* A bound socket, or -1 with errno. */
static int bound_socket(const union address *address, bool share, bool both_families)
{
    int fd = socket(address->any.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return -1;
    /* Accepted sockets inherit TCP_NODELAY: we coalesce ourselves. */
    bool ready =
        set_option(fd, SOL_SOCKET, SO_REUSEADDR, 1) == 0 && set_option(fd, IPPROTO_TCP, TCP_NODELAY, 1) == 0 &&
        (!share || set_option(fd, SOL_SOCKET, SO_REUSEPORT, 1) == 0) &&
        (!both_families || address->any.sa_family != AF_INET6 || set_option(fd, IPPROTO_IPV6, IPV6_V6ONLY, 0) == 0) &&
        bind(fd, &address->any, address_size(address)) == 0;
    if (ready)
        return fd;
    int saved = errno;
    close(fd);
    errno = saved;
    return -1;
}

static unsigned bound_port(int fd)
{
    union address address = { 0 };
    socklen_t size = sizeof(address);
    getsockname(fd, &address.any, &size);
    return ntohs(address.any.sa_family == AF_INET ? address.in.sin_port : address.in6.sin6_port);
}

enum err listen_socket_tcp(const char *host, unsigned *port, bool first, int *fd_out)
{
    union address address;
    if (!address_parse(host, *port, &address)) {
        log_error("net", "not an address to listen on", LOG_TEXT("host", host == NULL ? "" : host),
                  LOG_I64("port", *port));
        return ERR_ARG;
    }
    /* Sharing is for our own loops. Another process of ours would share too,
     * silently, and take half of the connections: so the port is first bound
     * once without sharing, which fails if anybody listens there. */
    int fd = -1;
    bool failed = false;
    if (first && *port != 0) {
        int probe = bound_socket(&address, false, is_wildcard(host));
        failed = probe < 0;
        if (!failed)
            close(probe);
    }
    if (!failed)
        fd = bound_socket(&address, true, is_wildcard(host));
    if (fd >= 0 && listen(fd, LISTEN_BACKLOG) == 0) {
        *port = bound_port(fd);
        *fd_out = fd;
        return OK;
    }
    int saved = errno;
    log_error("net", "cannot listen", LOG_TEXT("host", is_wildcard(host) ? "*" : host), LOG_I64("port", *port),
              LOG_TEXT("error", strerror(saved)));
    if (fd >= 0)
        close(fd);
    return errno_err(saved);
}

/* Removes a socket file that nobody listens on. */
static enum err unix_clear(const union address *address)
{
    struct stat status;
    if (lstat(address->un.sun_path, &status) != 0)
        return errno == ENOENT ? OK : errno_err(errno);
    if (!S_ISSOCK(status.st_mode))
        return ERR_EXISTS;
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return ERR_SYSTEM;
    bool stale = connect(fd, &address->any, sizeof(address->un)) != 0 && errno == ECONNREFUSED;
    close(fd);
    if (!stale)
        return ERR_BUSY;
    return unlink(address->un.sun_path) == 0 ? OK : errno_err(errno);
}

enum err listen_socket_unix(const char *path, int *fd_out)
{
    union address address = { .un = { .sun_family = AF_UNIX } };
    int fd = -1;
    enum err err = ERR_ARG;
    if (strlen(path) >= sizeof(address.un.sun_path))
        goto out;
    memcpy(address.un.sun_path, path, strlen(path) + 1);
    err = unix_clear(&address);
    if (err != OK)
        goto out;
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    /* Nobody gets in between bind and chmod: until listen it refuses. */
    if (fd < 0 || bind(fd, &address.any, sizeof(address.un)) != 0 || chmod(path, 0600) != 0 ||
        listen(fd, LISTEN_BACKLOG) != 0)
        err = errno_err(errno);
out:
    if (err == OK) {
        *fd_out = fd;
        return OK;
    }
    log_error("net", "cannot listen on a socket file", LOG_TEXT("path", path), LOG_TEXT("error", err_text(err)));
    if (fd >= 0)
        close(fd);
    return err;
}
