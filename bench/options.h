/* options.h: the flags of loadgen, one table. */
#ifndef IM_BENCH_OPTIONS_H
#define IM_BENCH_OPTIONS_H

#include <stdio.h>

#include "common.h"
#include "proc.h"

struct options {
    const char *scenario;
    const char *target; /* host:port[,port…] */
    char host[64];
    int ports[16];
    size_t port_count;
    const char *pid;
    struct proc_set server;
    const char *prefix;
    const char *state;
    const char *group_id;
    const char *label;
    const char *note;
    const char *find;
    int64_t floor; /* the target is floor_socket: no accounts */
    double seconds, warmup, drain, hold;
    double rate, logins, connect_rate, heart, tick_us, zipf;
    int64_t window, pairs, members, senders, sessions, accounts, chats, backlog, clients, limit, fan, pull;
    int64_t concurrency, register_concurrency, content, seed, segments;
};

/* argv as main has it. Dies with a sentence on anything unknown. */
void options_parse(struct options *options, int argc, char **argv);
void options_help(FILE *out);

#endif
