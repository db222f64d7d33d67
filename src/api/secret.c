/* secret.c: the directory's key, or the store's. */
#include "api/secret.h"

#include "media/blob.h"

#include <sodium.h>

#define NAME "secret"

_Static_assert(SECRET_SIZE == FILE_URL_KEY_SIZE, "one key for both");

static enum err text_read(struct str text, unsigned char key[SECRET_SIZE])
{
    size_t size = 0;
    if (sodium_hex2bin(key, SECRET_SIZE, text.ptr, text.size, NULL, &size, NULL) != 0 || size != SECRET_SIZE)
        return ERR_STORE;
    return OK;
}

enum err secret_settle(struct db *db, const char *data, unsigned char key[SECRET_SIZE])
{
    struct arena arena = { 0 };
    struct str text;
    char own[2 * SECRET_SIZE + 1];
    enum err err = blobs_key(data, key);
    if (err != OK || !db_sql(db)->v->shared)
        return err;
    err = meta_get(db, &arena, NAME, &text);
    if (err == ERR_NOT_FOUND) {
        sodium_bin2hex(own, sizeof(own), key, SECRET_SIZE);
        err = meta_put_new(db, NAME, str_from(own));
        if (err == OK || err == ERR_EXISTS) /* Another node may start just now. */
            err = meta_get(db, &arena, NAME, &text);
    }
    if (err == OK)
        err = text_read(text, key);
    arena_release(&arena);
    return err;
}
