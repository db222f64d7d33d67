/* mailbox.h: what the original keeps in Redis for those who are away: a list
 * offline_msg_<email> each, messages as JSON, the newest at the head. */
#ifndef IM_LEGACY_MAILBOX_H
#define IM_LEGACY_MAILBOX_H

#include "util/err.h"
#include "util/str.h"

struct mailboxes;

/* url: redis://[:PASSWORD@]HOST[:PORT][/NUMBER]. Errors as source_open; *out is to be closed in any case. */
enum err mailboxes_open(const char *url, struct mailboxes **out);
void mailboxes_close(struct mailboxes **mailboxes);
const char *mailboxes_why(const struct mailboxes *mailboxes);

/* Calls visit for each message of each list, oldest first within a list; both texts live for that call. What visit
 * returns but OK ends it. */
typedef enum err (*mailbox_visit)(void *context, struct str email, struct str json);
enum err mailboxes_each(struct mailboxes *mailboxes, mailbox_visit visit, void *context);

#endif
