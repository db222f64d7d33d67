/* proc.h: what /proc says of the server and of ourselves. */
#ifndef IM_BENCH_PROC_H
#define IM_BENCH_PROC_H

#include "common.h"

#define PROC_PIDS_MAX 8

/* The server and what it needs (the original has a database and Redis beside it). */
struct proc_set {
    int pids[PROC_PIDS_MAX];
    size_t count;
};

bool proc_set_parse(struct proc_set *set, const char *list); /* "12,34" */
void proc_set_self(struct proc_set *set);
int64_t proc_cpu_us(const struct proc_set *set); /* user + system of all, all threads; steps of 10 ms */
int64_t proc_rss_kib(const struct proc_set *set);

#endif
