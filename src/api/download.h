/* download.h: the bytes of a file as a reply. */
#ifndef IM_API_DOWNLOAD_H
#define IM_API_DOWNLOAD_H

#include "api/call.h"
#include "store/file.h"

/* On a reader: the caller may have the file; replies with it, or what of it is asked for. variant: "" or the width
 * of a smaller form, which it has. object: its name in the other store, ptr NULL: it is on the disk. */
void download_begin(struct call *call, const struct file *file, const char *variant, struct str object);

#endif
