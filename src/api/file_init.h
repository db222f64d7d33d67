/* file_init.h: POST /file/init, the beginning of an upload in parts. */
#ifndef IM_API_FILE_INIT_H
#define IM_API_FILE_INIT_H

#include "api/call.h"

void file_init_run(struct call *call, struct reader *reader);

#endif
