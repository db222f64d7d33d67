/* log.c: one event, one line, one write.
 * Values come from strangers too: what could break the line, or talk to the
 * operator's terminal, is escaped, and no value is longer than its bound. */
#include "os/log.h"

#include "os/clock.h"
#include "util/buf.h"
#include "util/utf8.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define VALUE_BYTES_MAX 1024

static _Atomic int level_least = LOG_LEVEL_INFO;
static int log_fd = STDERR_FILENO;
static bool human;
static bool coloured;

static const char *const level_names[] = { "debug", "info", "warn", "error" };
static const char *const level_colours[] = { "\033[2m", "\033[32m", "\033[33m", "\033[31m" };

void log_init(enum log_level least, int fd)
{
    atomic_store(&level_least, (int)least);
    log_fd = fd;
    human = isatty(fd) == 1;
    tzset(); /* localtime_r need not look at TZ by itself. */
    coloured = human && getenv("NO_COLOR") == NULL;
}

bool log_enabled(enum log_level level)
{
    return (int)level >= atomic_load_explicit(&level_least, memory_order_relaxed);
}

static bool needs_quotes(struct str text)
{
    if (text.size == 0 || !utf8_valid(text))
        return true;
    for (size_t at = 0; at < text.size;) {
        uint32_t c = utf8_next(text, &at);
        if (c <= ' ' || c == '"' || c == '\\' || c == '=' || (c >= 0x7f && c < 0xa0))
            return true;
    }
    return false;
}

/* Size of the well-formed character at the front, 0 when there is none. */
static size_t character_size(struct str text)
{
    size_t size = 1;
    for (; size <= 4 && size <= text.size; size++) {
        if (utf8_valid((struct str){ text.ptr, size }))
            return size;
    }
    return 0;
}

static void append_control(struct buf *line, unsigned char byte)
{
    if (byte == '\n')
        buf_append_str(line, STR("\\n"));
    else if (byte == '\r')
        buf_append_str(line, STR("\\r"));
    else if (byte == '\t')
        buf_append_str(line, STR("\\t"));
    else
        buf_append_format(line, "\\x%02x", byte);
}

static void append_quoted(struct buf *line, struct str text)
{
    buf_append_byte(line, '"');
    for (size_t at = 0; at < text.size;) {
        const char *c = text.ptr + at;
        size_t size = character_size((struct str){ c, text.size - at });
        unsigned char byte = (unsigned char)*c;
        /* C1 controls, among them the one-character CSI, are U+0080 to U+009F. */
        bool c1 = size == 2 && byte == 0xc2 && (unsigned char)c[1] < 0xa0;
        if (size == 0 || c1 || byte < ' ' || byte == 0x7f) {
            append_control(line, byte);
            if (c1)
                append_control(line, (unsigned char)c[1]);
            at += c1 ? 2 : 1;
            continue;
        }
        if (byte == '"' || byte == '\\')
            buf_append_byte(line, '\\');
        buf_append(line, c, size);
        at += size;
    }
    buf_append_byte(line, '"');
}

static void append_value(struct buf *line, struct str text)
{
    bool cut = text.size > VALUE_BYTES_MAX;
    if (cut)
        text.size = VALUE_BYTES_MAX;
    if (needs_quotes(text))
        append_quoted(line, text);
    else
        buf_append_str(line, text);
    if (cut)
        buf_append_str(line, STR("..."));
}

static void append_pair(struct buf *line, const struct log_pair *pair)
{
    buf_append_format(line, coloured ? " \033[2m%s=\033[0m" : " %s=", pair->key);
    if (pair->type == LOG_PAIR_I64)
        buf_append_i64(line, pair->number);
    else
        append_value(line, pair->text);
}

/* 2026-11-23T09:00:00.123Z for machines, 09:00:00.123 local time for people. */
static void append_time(struct buf *line)
{
    int64_t now = clock_wall_ms();
    time_t seconds = (time_t)(now / 1000);
    int ms = (int)(now % 1000);
    struct tm tm;
    char text[32];
    if (human) {
        strftime(text, sizeof(text), "%H:%M:%S", localtime_r(&seconds, &tm));
        buf_append_format(line, "%s.%03d", text, ms);
    } else {
        strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", gmtime_r(&seconds, &tm));
        buf_append_format(line, "time=%s.%03dZ", text, ms);
    }
}

static void append_head(struct buf *line, enum log_level level, const char *area, const char *message)
{
    append_time(line);
    if (human) {
        buf_append_format(line, " %s%-5s%s %-6s %s", coloured ? level_colours[level] : "", level_names[level],
                          coloured ? "\033[0m" : "", area, message);
        return;
    }
    buf_append_format(line, " level=%s area=%s msg=", level_names[level], area);
    append_value(line, str_from(message));
}

void log_write(enum log_level level, const char *area, const char *message, ...)
{
    if (!log_enabled(level))
        return;
    struct buf line = { 0 };
    append_head(&line, level, area, message);
    va_list pairs;
    va_start(pairs, message);
    for (;;) {
        struct log_pair pair = va_arg(pairs, struct log_pair);
        if (pair.type == LOG_PAIR_END)
            break;
        append_pair(&line, &pair);
    }
    va_end(pairs);
    buf_append_byte(&line, '\n');
    /* A log that cannot be written has nowhere to say so. */
    ssize_t written = write(log_fd, line.ptr, line.size);
    (void)written;
    buf_release(&line);
}
