/* file_use.h: messages, avatars and icons that show files.
 * Whoever refers to a file must be able to see it himself: a reference opens
 * it to others. ERR_NOT_FOUND: there is no such file for this user. */
#ifndef IM_CHAT_FILE_USE_H
#define IM_CHAT_FILE_USE_H

#include "chat/core.h"
#include "media/url.h"

/* Makes an address canonical and finds its file; *file 0 when the text is none. */
enum err file_use_find(struct core_tx *tx, int64_t user, struct str *text, int64_t *file);

/* The file that the text is the address of: a picture of at most so many bytes. ERR_ARG: it is none, or no address.
 * ERR_TOO_LARGE. */
enum err file_use_picture(struct core_tx *tx, int64_t user, struct str text, int64_t size_max, int64_t *file);

/* The message was stored: it shows the file (0: none), and those named in the attrs of a merged forward. */
enum err file_use_message(struct core_tx *tx, const struct message *message, int64_t file);
/* All that such attrs name must be the user's to see; asked before the message is stored. */
enum err file_use_check(struct core_tx *tx, int64_t user, struct str attrs);

/* The text becomes what the user's avatar, or the group's icon, is from now on: canonical. */
enum err file_use_avatar(struct core_tx *tx, int64_t user, struct str *avatar);
enum err file_use_icon(struct core_tx *tx, int64_t user, int64_t group, struct str *icon);

#endif
