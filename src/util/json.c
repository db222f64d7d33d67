/* json.c: questions asked of a parsed document. */
#include "util/json.h"

const struct json *json_get(const struct json *object, const char *key)
{
    if (object == NULL || object->type != JSON_OBJECT)
        return NULL;
    struct str name = str_from(key);
    const struct json *found = NULL;
    for (const struct json *child = object->first; child != NULL; child = child->next) {
        if (str_equal(child->key, name))
            found = child;
    }
    return found == NULL || found->type == JSON_NULL ? NULL : found;
}

bool json_text(const struct json *value, struct str *text)
{
    if (value == NULL || (value->type != JSON_STRING && value->type != JSON_NUMBER))
        return false;
    *text = value->text;
    return true;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* A decimal number as digits × 10^exponent: mantissa holds all the digits
 * without the point, negative ones negative. */
struct decimal {
    bool negative;
    struct str whole, fraction;
    int64_t exponent;
};

static bool decimal_split(struct str text, struct decimal *out)
{
    size_t at = 0;
    *out = (struct decimal){ .negative = text.ptr[0] == '-' };
    at += out->negative;
    out->whole.ptr = text.ptr + at;
    while (at < text.size && is_digit(text.ptr[at])) {
        at++;
        out->whole.size++;
    }
    if (at < text.size && text.ptr[at] == '.') {
        out->fraction.ptr = text.ptr + ++at;
        while (at < text.size && is_digit(text.ptr[at])) {
            at++;
            out->fraction.size++;
        }
    }
    if (at == text.size)
        return true;
    at++; /* the e */
    if (text.ptr[at] == '+')
        at++;
    return str_to_i64((struct str){ text.ptr + at, text.size - at }, &out->exponent);
}

/* Appends one digit below zero, where the range is one wider. */
static bool push_digit(int64_t *number, int64_t digit)
{
    if (*number < (INT64_MIN + digit) / 10)
        return false;
    *number = *number * 10 - digit;
    return true;
}

static int64_t digit_at(const struct decimal *d, size_t index)
{
    char c = index < d->whole.size ? d->whole.ptr[index] : d->fraction.ptr[index - d->whole.size];
    return c - '0';
}

static bool decimal_to_i64(const struct decimal *d, int64_t *value)
{
    size_t count = d->whole.size + d->fraction.size;
    while (count > 0 && digit_at(d, count - 1) == 0)
        count--; /* trailing zeros go into the exponent */
    if (count == 0) {
        *value = 0;
        return true;
    }
    /* How many zeros follow the last digit that counts. Bounded first, so that the sum cannot overflow. */
    const int64_t exponent_max = INT64_C(1) << 40;
    if (d->exponent > exponent_max || d->exponent < -exponent_max)
        return false;
    int64_t zeros = d->exponent + (int64_t)d->whole.size - (int64_t)count;
    if (zeros < 0 || zeros > 18)
        return false;
    int64_t number = 0;
    for (size_t i = 0; i < count; i++) {
        if (!push_digit(&number, digit_at(d, i)))
            return false;
    }
    for (; zeros > 0; zeros--) {
        if (!push_digit(&number, 0))
            return false;
    }
    if (!d->negative && number == INT64_MIN)
        return false;
    *value = d->negative ? number : -number;
    return true;
}

bool json_i64(const struct json *value, int64_t *number)
{
    if (value == NULL)
        return false;
    if (value->type == JSON_STRING)
        return value->text.size > 0 && is_digit(value->text.ptr[0]) && str_to_i64(value->text, number);
    if (value->type != JSON_NUMBER)
        return false;
    if (str_to_i64(value->text, number))
        return true;
    struct decimal decimal;
    return decimal_split(value->text, &decimal) && decimal_to_i64(&decimal, number);
}

bool json_bool(const struct json *value, bool *truth)
{
    if (value == NULL)
        return false;
    int64_t number = value->type == JSON_TRUE;
    if (value->type == JSON_NUMBER) {
        if (!json_i64(value, &number) || (number != 0 && number != 1))
            return false;
    } else if (value->type != JSON_TRUE && value->type != JSON_FALSE) {
        return false;
    }
    *truth = number == 1;
    return true;
}
