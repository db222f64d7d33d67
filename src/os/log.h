/* log.h: what the operator reads.
 * One line an event: `time=… level=… area=… msg=… key=value …`, values quoted
 * where they hold blanks, quotes or control characters (escaped). On a
 * terminal without the first four keys, coloured. Never a token, password or
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
#define LOG_STR(k, v) ((struct log_pair){ .key = (k), .type = LOG_PAIR_STR, .text = (v) })
#define LOG_TEXT(k, v) ((struct log_pair){ .key = (k), .type = LOG_PAIR_STR, .text = str_from(v) })
#define LOG_I64(k, v) ((struct log_pair){ .key = (k), .type = LOG_PAIR_I64, .number = (v) })
#define LOG_END ((struct log_pair){ .type = LOG_PAIR_END })

void log_init(enum log_level least, int fd); /* human when fd is a terminal */
bool log_enabled(enum log_level level);
/* Followed by struct log_pair values up to LOG_END; use the macros. */
void log_write(enum log_level level, const char *area, const char *message, ...);

/* log_info("store", "checkpoint done", LOG_I64("pages", n)); */
#define log_debug(...) (log_enabled(LOG_LEVEL_DEBUG) ? log_write(LOG_LEVEL_DEBUG, __VA_ARGS__, LOG_END) : (void)0)
#define log_info(...) (log_enabled(LOG_LEVEL_INFO) ? log_write(LOG_LEVEL_INFO, __VA_ARGS__, LOG_END) : (void)0)
#define log_warn(...) log_write(LOG_LEVEL_WARN, __VA_ARGS__, LOG_END)
#define log_error(...) log_write(LOG_LEVEL_ERROR, __VA_ARGS__, LOG_END)

#endif
