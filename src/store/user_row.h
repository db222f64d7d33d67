/* user_row.h: reading rows of USER_COLUMNS. Inside store/ only. */
#ifndef IM_STORE_USER_ROW_H
#define IM_STORE_USER_ROW_H

#include "store/query.h"
#include "store/user.h"

/* The row at hand: six columns from the given one on. */
void user_read(struct query_call *call, struct arena *arena, int first, struct user *out);
/* All rows. Ends the call. */
enum err user_read_list(struct query_call *call, struct arena *arena, struct user_list *out);

#endif
