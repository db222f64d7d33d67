/* name.h: what people may call themselves and their groups. */
#ifndef IM_CHAT_NAME_H
#define IM_CHAT_NAME_H

#include "util/str.h"

/* At most chars_max characters of any script, no control characters (Unicode
 * category Cc, and the separators U+2028 and U+2029). Empty and ptr NULL are fine. */
bool name_acceptable(struct str name, size_t chars_max);
/* The same with line breaks and tabs allowed. */
bool text_acceptable(struct str text, size_t chars_max);

#endif
