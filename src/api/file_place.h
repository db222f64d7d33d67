/* file_place.h: whether a file is on the disk, or in another store, and how
 * one gets there. */
#ifndef IM_API_FILE_PLACE_H
#define IM_API_FILE_PLACE_H

#include "api/call.h"
#include "media/file_store.h"
#include "store/file.h"

/* The name of one form of it in the other store, in the call's arena; ptr NULL: it is on the disk. */
enum err file_place_find(struct call *call, struct db *db, const struct file *file, const char *variant,
                         struct str *object);
/* Replies with where it is: an address that works by itself for a while. */
void file_place_redirect(struct call *call, struct str object, const struct file_store_told *told);

#endif
