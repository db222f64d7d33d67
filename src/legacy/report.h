/* report.h: what an import took over, and what it left out and why. */
#ifndef IM_LEGACY_REPORT_H
#define IM_LEGACY_REPORT_H

#include "util/str.h"

#include <stdint.h>
#include <stdio.h>

enum report_kind {
    REPORT_USERS,
    REPORT_GROUPS,
    REPORT_CONTACTS,
    REPORT_MEMBERS,
    REPORT_MESSAGES,
    REPORT_OFFLINE,
    REPORT_KINDS
};

#define REPORT_REASONS_MAX 40
#define REPORT_EXAMPLE_MAX 96

struct report {
    struct {
        int64_t read;
        int64_t taken;
        int64_t there; /* it had been taken over before, or says again what another row said */
    } kinds[REPORT_KINDS];
    struct report_reason {
        enum report_kind kind;
        const char *text; /* a literal */
        int64_t count;
        char example[REPORT_EXAMPLE_MAX]; /* the first that it was true of */
    } reasons[REPORT_REASONS_MAX];
    size_t reason_count;
};

/* A row is left out, or is not quite as it was, for that reason; example: its id or address. */
void report_note(struct report *report, enum report_kind kind, const char *reason, struct str example);
void report_print(const struct report *report, FILE *out);

#endif
