/* file_end.h: POST /file/complete and /file/cancel, the two ends of an upload
 * in parts. */
#ifndef IM_API_FILE_END_H
#define IM_API_FILE_END_H

#include "api/call.h"

void file_complete_run(struct call *call, struct reader *reader);
void file_cancel_run(struct call *call, struct reader *reader);

#endif
