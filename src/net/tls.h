/* tls.h: OpenSSL 3 as a filter of bytes; certificate and key from files,
 * reloaded without a restart. TLS 1.2 and newer. */
#ifndef IM_NET_TLS_H
#define IM_NET_TLS_H

#include "util/buf.h"
#include "util/err.h"

struct tls; /* a server's context; thread-safe */

/* Logs what is wrong with the files. */
enum err tls_new(const char *cert_path, const char *key_path, struct tls **out);
/* New connections use the new files; on error the old ones stay. */
enum err tls_reload(struct tls *tls);
void tls_free(struct tls **tls);

/* One connection. Pure: bytes in, bytes out, no sockets. */
struct tls_conn;
struct tls_conn *tls_conn_new(struct tls *tls);
void tls_conn_free(struct tls_conn **conn);
/* The handshake is done. */
bool tls_conn_ready(const struct tls_conn *conn);
/* Takes bytes off the wire; appends plain text to plain and what must be sent
 * back to wire. ERR_CLOSED after close_notify, ERR_CRYPTO on failure (wire may
 * hold an alert to send). */
enum err tls_conn_input(struct tls_conn *conn, struct str bytes, struct buf *plain, struct buf *wire);
/* Encrypts. Bytes given before the handshake is done are kept and go out with its end. */
enum err tls_conn_output(struct tls_conn *conn, struct str plain, struct buf *wire);
/* close_notify, if the connection is in a state to say it. */
void tls_conn_close(struct tls_conn *conn, struct buf *wire);

#endif
