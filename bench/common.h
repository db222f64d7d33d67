/* common.h: what every tool of this folder needs.
 * The load generator and the socket floor share no code with the server: a
 * mistake in its framing cannot hide behind the same mistake in its client. */
#ifndef IM_BENCH_COMMON_H
#define IM_BENCH_COMMON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NS_PER_US INT64_C(1000)
#define NS_PER_MS INT64_C(1000000)
#define NS_PER_S INT64_C(1000000000)

int64_t now_ns(void);  /* monotonic */
int64_t wall_ms(void); /* Unix time */

/* A bench that cannot go on says why and exits with 1. */
_Noreturn void die(const char *format, ...) __attribute__((format(printf, 1, 2)));

void *alloc(size_t size); /* cleared; dies without memory */
void *grow(void *ptr, size_t size);

/* xorshift64*, seeded: the same seed gives the same load. */
struct rng {
    uint64_t state;
};
void rng_seed(struct rng *rng, uint64_t seed);
uint64_t rng_next(struct rng *rng);
uint64_t rng_below(struct rng *rng, uint64_t bound);
double rng_unit(struct rng *rng); /* [0, 1) */

/* Zipf over ranks 0 … n-1 with exponent s < 1 or > 1, by rejection-inversion
 * (Hörmann and Derflinger 1996): no table, any n. */
struct zipf {
    double n, s, h_x1, h_n, cut;
};
void zipf_init(struct zipf *zipf, uint64_t n, double s);
uint64_t zipf_next(const struct zipf *zipf, struct rng *rng);

/* A fixed one-to-one shuffle of 0 … n-1: which chat has which rank. */
uint64_t scramble(uint64_t rank, uint64_t n);

#endif
