/* scenario.h: what can be run. Each prints one line and returns. */
#ifndef IM_BENCH_SCENARIO_H
#define IM_BENCH_SCENARIO_H

#include "loop.h"
#include "options.h"
#include "state.h"

struct bench {
    const struct options *options;
    struct loop *loop;
    struct state *state;
};

void scenario_pairs(struct bench *bench);
void scenario_group(struct bench *bench);
void scenario_idle(struct bench *bench);
void scenario_connect(struct bench *bench);
void scenario_login(struct bench *bench);
void scenario_history(struct bench *bench);
void scenario_search(struct bench *bench);
void scenario_drain(struct bench *bench);

#endif
