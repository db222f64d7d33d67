/* file_direct.h: uploads that go to the other store without passing through
 * here (media.s3_receive = direct). /file/init offers a presigned address for
 * just the bytes that were promised; /file/complete asks the store whether it
 * has them, reads the first of them for the type, and the file is there.
 * Pictures are not offered: what cameras write into them must be taken out. */
#ifndef IM_API_FILE_DIRECT_H
#define IM_API_FILE_DIRECT_H

#include "api/call.h"
#include "media/sniff.h"
#include "store/upload.h"

struct file_direct {
    bool wanted;      /* for such a file an address may be given */
    int64_t until_ms; /* 0: it was not */
};

/* claimed: what the client takes it for. */
bool file_direct_wanted(const struct call *call, int64_t size, enum media_kind claimed);
/* In the writer's transaction, beside the upload's row: what comes by the address can't be lost sight of. */
enum err file_direct_offer(const struct call *call, struct core_tx *tx, struct str fid, int64_t size,
                           struct file_direct *direct);
/* "put" of the answer, where an address was given. */
void file_direct_put(const struct call *call, const struct upload *row, const struct file_direct *direct,
                     struct buf *out);

/* On a thread with a link: what came. ERR_NOT_FOUND: nothing. ERR_REJECTED: something else. Or the store's errors. */
enum err file_direct_look(const struct call *call, void *link, const struct upload *row, struct media_type *type);
/* In the writer's transaction, for the row of the object. ERR_NOT_FOUND: the offer has ended. */
enum err file_direct_arrive(const struct call *call, struct core_tx *tx, struct str fid, int64_t size);

#endif
