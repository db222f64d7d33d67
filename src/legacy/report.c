/* report.c: counting reasons. */
#include "legacy/report.h"

#include <assert.h>

void report_note(struct report *report, enum report_kind kind, const char *reason, struct str example)
{
    struct report_reason *found = NULL;
    for (size_t i = 0; found == NULL && i < report->reason_count; i++)
        if (report->reasons[i].kind == kind && strcmp(report->reasons[i].text, reason) == 0)
            found = &report->reasons[i];
    if (found == NULL) {
        assert(report->reason_count < REPORT_REASONS_MAX);
        found = &report->reasons[report->reason_count++];
        *found = (struct report_reason){ .kind = kind, .text = reason };
        for (size_t i = 0; i < example.size && i + 1 < REPORT_EXAMPLE_MAX; i++) {
            unsigned char c = (unsigned char)example.ptr[i];
            found->example[i] = (char)(c < ' ' || c > '~' ? '?' : c); /* It goes to a terminal. */
        }
    }
    found->count++;
}

void report_print(const struct report *report, FILE *out)
{
    static const char *const names[REPORT_KINDS] = {
        [REPORT_USERS] = "users",     [REPORT_GROUPS] = "groups",     [REPORT_CONTACTS] = "contacts",
        [REPORT_MEMBERS] = "members", [REPORT_MESSAGES] = "messages", [REPORT_OFFLINE] = "offline messages",
    };
    for (int kind = 0; kind < REPORT_KINDS; kind++) {
        fprintf(out, "%s: %lld read, %lld taken over, %lld there already\n", names[kind],
                (long long)report->kinds[kind].read, (long long)report->kinds[kind].taken,
                (long long)report->kinds[kind].there);
        for (size_t i = 0; i < report->reason_count; i++)
            if (report->reasons[i].kind == (enum report_kind)kind)
                fprintf(out, "    %lld %s, the first: %s\n", (long long)report->reasons[i].count,
                        report->reasons[i].text, report->reasons[i].example);
    }
}
