/* hold.h: who is at work on a file that comes in parts.
 * Parts are written side by side, but while the file is read to its end and
 * becomes one that others see, nobody writes: else its bytes would not be
 * those whose hash was compared. Any thread. */
#ifndef IM_MEDIA_HOLD_H
#define IM_MEDIA_HOLD_H

#include "media/url.h"
#include "util/err.h"

struct holds;

struct holds *holds_new(void);
void holds_free(struct holds **holds); /* nobody holds anything */

/* For writing a part. ERR_BUSY: somebody holds the whole. */
enum err hold_part(struct holds *holds, struct str fid);
/* For the whole. ERR_BUSY: somebody holds it, or a part. */
enum err hold_whole(struct holds *holds, struct str fid);
/* Whether anybody holds it, or a part of it, this moment. */
bool hold_any(struct holds *holds, struct str fid);
/* Ends one of them. */
void hold_end(struct holds *holds, struct str fid);

#endif
