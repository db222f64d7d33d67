/* whole.c: disk → type, bound, hash → its place. */
#include "media/whole.h"

#include "os/file.h"
#include "util/mem.h"

#include <openssl/evp.h>
#include <stdlib.h>

#define PIECE_BYTES ((size_t)128 * 1024)
#define STEP_PIECES 64 /* then others have the thread */

struct whole {
    const struct blobs *blobs;
    struct intake_limits limits;
    EVP_MD_CTX *sha256;
    int fd;
    int64_t at;
    int64_t size;
    struct media_type type;
    char fid[FID_SIZE];
    unsigned char promised[INTAKE_SHA256_SIZE];
};

enum err whole_new(const struct blobs *blobs, const struct intake_limits *limits, struct str fid, int64_t size,
                   struct str sha256, struct whole **out)
{
    uint64_t there = 0;
    if (sha256.size != INTAKE_SHA256_SIZE || fid.size != FID_SIZE)
        return ERR_ARG;
    struct whole *whole = mem_zalloc(sizeof(*whole));
    whole->fd = -1;
    whole->blobs = blobs;
    whole->limits = *limits;
    whole->size = size;
    memcpy(whole->fid, fid.ptr, FID_SIZE);
    memcpy(whole->promised, sha256.ptr, INTAKE_SHA256_SIZE);
    enum err err = blob_open_whole(blobs, fid, &whole->fd, &there);
    whole->sha256 = EVP_MD_CTX_new();
    if (err == OK && (whole->sha256 == NULL || EVP_DigestInit_ex(whole->sha256, EVP_sha256(), NULL) != 1))
        err = ERR_CRYPTO;
    if (err == OK && there != (uint64_t)size)
        whole->size = -1; /* The first step says so. */
    if (err != OK)
        whole_free(&whole);
    else
        *out = whole;
    return err;
}

void whole_free(struct whole **whole_ptr)
{
    struct whole *whole = *whole_ptr;
    if (whole == NULL)
        return;
    file_close(&whole->fd);
    EVP_MD_CTX_free(whole->sha256);
    free(whole);
    *whole_ptr = NULL;
}

static enum err piece_read(struct whole *whole, char *piece)
{
    size_t size = whole->size - whole->at < (int64_t)PIECE_BYTES ? (size_t)(whole->size - whole->at) : PIECE_BYTES;
    enum err err = file_read_at(whole->fd, "a file", (uint64_t)whole->at, piece, size);
    if (err != OK)
        return err;
    if (whole->at == 0) {
        whole->type = media_sniff((struct str){ piece, size < SNIFF_BYTES ? size : SNIFF_BYTES });
        if (whole->size > whole->limits.size_max[whole->type.kind])
            return ERR_TOO_LARGE;
    }
    whole->at += (int64_t)size;
    return EVP_DigestUpdate(whole->sha256, piece, size) == 1 ? OK : ERR_CRYPTO;
}

static enum err whole_end(struct whole *whole)
{
    unsigned char sha256[INTAKE_SHA256_SIZE];
    unsigned size = INTAKE_SHA256_SIZE;
    if (EVP_DigestFinal_ex(whole->sha256, sha256, &size) != 1)
        return ERR_CRYPTO;
    if (memcmp(sha256, whole->promised, sizeof(sha256)) != 0)
        return ERR_REJECTED;
    if (whole->limits.leave_images && whole->type.kind == MEDIA_IMAGE)
        return OK;
    return blob_place(whole->blobs, (struct str){ whole->fid, FID_SIZE }, "", whole->fd);
}

enum err whole_step(struct whole *whole, struct media_type *type)
{
    if (whole->size < 0)
        return ERR_REJECTED;
    char *piece = mem_alloc(PIECE_BYTES);
    enum err err = OK;
    for (unsigned i = 0; err == OK && i < STEP_PIECES && whole->at < whole->size; i++)
        err = piece_read(whole, piece);
    free(piece);
    if (err != OK || whole->at < whole->size)
        return err != OK ? err : ERR_MORE;
    *type = whole->type;
    return whole_end(whole);
}
