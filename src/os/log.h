/* log.h: what the operator reads.
 * One line an event: `time level area message key=value …`, values quoted
 * where they hold blanks, quotes or control characters (escaped). On a
 * terminal the same, aligned and coloured. Never a token, password or
 * message content: callers pass none. Thread-safe; a line is one write(2). */
#ifndef IM_OS_LOG_H
#define IM_OS_LOG_H

#include "util/str.h"

enum log_level { LOG_LEVEL_DEBUG, LOG_LEVEL_INFO, LOG_LEVEL_WARN, LOG_LEVEL_ERROR };

struct log_pair {
    const char *key;
    enum { LOG_PAIR_END, LOG_PAIR_STR, LOG_PAIR_I64 } type;
    struct str text;
    int64_t number;
};
#define LOG_STR(k, v) { .key = (k), .type = LOG_PAIR_STR, .text = (v) }
#define LOG_TEXT(k, v) { .key = (k), .type = LOG_PAIR_STR, .text = str_from(v) }
#define LOG_I64(k, v) { .key = (k), .type = LOG_PAIR_I64, .number = (v) }

void log_init(enum log_level least, int fd); /* human when fd is a terminal */
bool log_enabled(enum log_level level);
void log_write(enum log_level level, const char *area, const char *message, const struct log_pair *pairs);

/* log_info("store", "checkpoint done", LOG_I64("pages", n)); */
#define LOG_PAIRS_(...) (const struct log_pair[]){ __VA_ARGS__ __VA_OPT__(, ) { .type = LOG_PAIR_END } }
#define log_debug(area, message, ...) do { if (log_enabled(LOG_LEVEL_DEBUG)) log_write(LOG_LEVEL_DEBUG, area, message, LOG_PAIRS_(__VA_ARGS__)); } while (0)
#define log_info(area, message, ...) do { if (log_enabled(LOG_LEVEL_INFO)) log_write(LOG_LEVEL_INFO, area, message, LOG_PAIRS_(__VA_ARGS__)); } while (0)
#define log_warn(area, message, ...) log_write(LOG_LEVEL_WARN, area, message, LOG_PAIRS_(__VA_ARGS__))
#define log_error(area, message, ...) log_write(LOG_LEVEL_ERROR, area, message, LOG_PAIRS_(__VA_ARGS__))

#endif
