/* value.c: numbers with units, names from a list, addresses; both ways. */
#include "conf/value.h"

#include "util/network.h"
#include "util/utf8.h"

struct unit {
    const char *name;
    int64_t factor;
};

/* From the largest, as they are tried when writing. */
static const struct unit duration_units[] = {
    { "d", 86400000 }, { "h", 3600000 }, { "m", 60000 }, { "s", 1000 }, { "ms", 1 }, { NULL, 0 },
};
static const struct unit size_units[] = {
    { "G", 1024 * 1024 * 1024 }, { "M", 1024 * 1024 }, { "K", 1024 }, { "", 1 }, { NULL, 0 },
};

static const struct unit *unit_find(const struct unit *units, struct str name)
{
    for (; units->name != NULL; units++) {
        if (str_equal(name, str_from(units->name)))
            return units;
    }
    return NULL;
}

static bool read_with_unit(const struct unit *units, struct str text, int64_t *number)
{
    size_t digits = 0;
    while (digits < text.size && text.ptr[digits] >= '0' && text.ptr[digits] <= '9')
        digits++;
    int64_t count;
    if (!str_to_i64((struct str){ text.ptr, digits }, &count))
        return false;
    struct str rest = str_trim((struct str){ text.ptr + digits, text.size - digits });
    const struct unit *unit = unit_find(units, rest);
    if (unit == NULL && rest.size == 0 && count == 0) {
        *number = 0; /* Nothing needs no unit. */
        return true;
    }
    if (unit == NULL || count > INT64_MAX / unit->factor)
        return false;
    *number = count * unit->factor;
    return true;
}

static void format_with_unit(const struct unit *units, int64_t number, struct buf *out)
{
    while (number % units->factor != 0 || (number == 0 && units->factor != 1))
        units++;
    buf_append_i64(out, number / units->factor);
    buf_append_str(out, str_from(units->name));
}

/* The position of text in "a|b|c", -1 when it is not there. */
static int choice_index(const char *choices, struct str text)
{
    int index = 0;
    for (const char *at = choices;; index++) {
        size_t size = strcspn(at, "|");
        if (str_equal(text, (struct str){ at, size }))
            return index;
        if (at[size] == '\0')
            return -1;
        at += size + 1;
    }
}

static bool read_bool(struct str text, int64_t *number)
{
    int index = choice_index("off|on|false|true|no|yes|0|1", text);
    *number = index % 2;
    return index >= 0;
}

static bool is_plain(struct str text)
{
    if (text.size > OPTION_VALUE_BYTES_MAX || !utf8_valid(text))
        return false;
    for (size_t i = 0; i < text.size; i++) {
        if ((unsigned char)text.ptr[i] < ' ' || text.ptr[i] == 0x7f)
            return false;
    }
    return str_equal(text, str_trim(text));
}

static bool is_port(struct str text)
{
    int64_t port;
    return text.size > 0 && text.ptr[0] != '-' && str_to_i64(text, &port) && port <= 65535;
}

/* host:port, [v6]:port or :port; whether the host exists is seen when it is bound. */
static bool is_address(struct str text)
{
    if (text.ptr == NULL)
        return false;
    const char *colon = memrchr(text.ptr, ':', text.size);
    if (colon == NULL || memchr(text.ptr, ' ', text.size) != NULL)
        return false;
    struct str host = { text.ptr, (size_t)(colon - text.ptr) };
    if (!is_port((struct str){ colon + 1, text.size - host.size - 1 }))
        return false;
    if (host.size > 0 && host.ptr[0] == '[')
        return host.size > 2 && host.ptr[host.size - 1] == ']';
    return host.size == 0 || memchr(host.ptr, ':', host.size) == NULL;
}

/* scheme://host with an optional port and no path (RFC 6454 section 6.2). */
static bool is_origin(struct str text)
{
    const char *mark = memmem(text.ptr, text.size, "://", 3);
    if (mark == NULL || mark == text.ptr)
        return false;
    struct str host = { mark + 3, text.size - (size_t)(mark + 3 - text.ptr) };
    return host.size > 0 && memchr(host.ptr, '/', host.size) == NULL && memchr(text.ptr, ' ', text.size) == NULL;
}

static bool is_origins(struct str text)
{
    if (text.size == 0 || str_equal(text, STR("*")))
        return true;
    for (;;) {
        const char *comma = memchr(text.ptr, ',', text.size);
        size_t size = comma == NULL ? text.size : (size_t)(comma - text.ptr);
        if (!is_origin(str_trim((struct str){ text.ptr, size })))
            return false;
        if (comma == NULL)
            return true;
        text.ptr += size + 1;
        text.size -= size + 1;
    }
}

static bool within(const struct option *option, int64_t number)
{
    return number >= option->min && number <= option->max;
}

bool value_read(const struct option *option, struct str text, int64_t *number)
{
    *number = 0;
    if (!is_plain(text))
        return false;
    switch (option->type) {
    case OPTION_PATH:
    case OPTION_SECRET:
        return within(option, (int64_t)text.size);
    case OPTION_ADDRESS:
        return (text.size == 0 && option->min == 0) || is_address(text);
    case OPTION_ORIGINS:
        return is_origins(text);
    case OPTION_NETWORKS:
        return network_list_valid(text);
    case OPTION_ENUM:
        return choice_index(option->choices, text) >= 0;
    case OPTION_SWITCH:
        *number = choice_index(option->choices, text);
        return *number >= 0;
    case OPTION_BOOL:
        return read_bool(text, number);
    case OPTION_INT:
        return str_to_i64(text, number) && within(option, *number);
    case OPTION_DURATION:
        return read_with_unit(duration_units, text, number) && within(option, *number);
    case OPTION_SIZE:
        return read_with_unit(size_units, text, number) && within(option, *number);
    }
    return false;
}

static void expected_range(const struct option *option, const struct unit *units, struct buf *out)
{
    buf_append_str(out, STR(" from "));
    format_with_unit(units, option->min, out);
    buf_append_str(out, STR(" to "));
    format_with_unit(units, option->max, out);
}

static void expected_choices(const char *choices, struct buf *out)
{
    for (const char *at = choices; *at != '\0'; at++) {
        if (*at != '|')
            buf_append_byte(out, *at);
        else
            buf_append_str(out, strchr(at + 1, '|') == NULL ? STR(" or ") : STR(", "));
    }
}

void value_expected(const struct option *option, struct buf *out)
{
    static const struct unit no_units[] = { { "", 1 }, { NULL, 0 } };
    switch (option->type) {
    case OPTION_SECRET:
        buf_append_format(out, "text of at most %d bytes", (int)option->max);
        break;
    case OPTION_PATH:
        buf_append_format(out, "a path%s", option->min == 0 ? ", or nothing" : "");
        break;
    case OPTION_ADDRESS:
        buf_append_format(out, "host:port, [v6]:port or :port%s", option->min == 0 ? ", or nothing" : "");
        break;
    case OPTION_ORIGINS:
        buf_append_str(out, STR("*, origins such as https://chat.example with commas between, or nothing"));
        break;
    case OPTION_NETWORKS:
        buf_append_str(out, STR("addresses or networks such as 10.0.0.0/8 with commas between, or nothing"));
        break;
    case OPTION_ENUM:
    case OPTION_SWITCH:
        expected_choices(option->choices, out);
        break;
    case OPTION_BOOL:
        buf_append_str(out, STR("on or off"));
        break;
    case OPTION_INT:
        buf_append_str(out, STR("a whole number"));
        expected_range(option, no_units, out);
        break;
    case OPTION_DURATION:
        buf_append_str(out, STR("a duration with its unit (ms, s, m, h, d)"));
        expected_range(option, duration_units, out);
        break;
    case OPTION_SIZE:
        buf_append_str(out, STR("a size in bytes, or with K, M or G,"));
        expected_range(option, size_units, out);
        break;
    }
}

void value_format(const struct option *option, const struct conf *conf, struct buf *out)
{
    const char *field = (const char *)conf + option->offset;
    if (option_is_text(option)) {
        buf_append_str(out, str_from(*(const char *const *)(const void *)field));
        return;
    }
    if (option_is_bool(option)) {
        const char *choices = option->type == OPTION_BOOL ? "off|on" : option->choices;
        if (*(const bool *)(const void *)field)
            choices = strchr(choices, '|') + 1;
        buf_append(out, choices, strcspn(choices, "|"));
        return;
    }
    int64_t number = *(const int64_t *)(const void *)field;
    if (option->type == OPTION_DURATION)
        format_with_unit(duration_units, number, out);
    else if (option->type == OPTION_SIZE)
        format_with_unit(size_units, number, out);
    else
        buf_append_i64(out, number);
}

void value_store(const struct option *option, const char *text, int64_t number, struct conf *conf)
{
    char *field = (char *)conf + option->offset;
    if (option_is_text(option))
        *(const char **)(void *)field = text;
    else if (option_is_bool(option))
        *(bool *)(void *)field = number != 0;
    else
        *(int64_t *)(void *)field = number;
}
