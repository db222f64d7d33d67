/* value.h: an option's value as text and as a number; inside conf/ only. */
#ifndef IM_CONF_VALUE_H
#define IM_CONF_VALUE_H

#include "conf/option.h"

/* Whether text is a value that the option takes. *number is it, where the
 * option is not text (bool: 0 or 1). */
bool value_read(const struct option *option, struct str text, int64_t *number);

/* What the option takes, as it continues "write …". */
void value_expected(const struct option *option, struct buf *out);

/* The option's value in conf, as value_read takes it. */
void value_format(const struct option *option, const struct conf *conf, struct buf *out);

/* Puts a value that value_read took into conf; text is kept, not copied. */
void value_store(const struct option *option, const char *text, int64_t number, struct conf *conf);

#endif
