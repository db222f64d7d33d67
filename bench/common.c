/* common.c: time, death, memory and seeded chance. */
#include "common.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static int64_t clock_ns(clockid_t clock)
{
    struct timespec now;
    if (clock_gettime(clock, &now) != 0)
        die("clock_gettime failed");
    return (int64_t)now.tv_sec * NS_PER_S + now.tv_nsec;
}

int64_t now_ns(void)
{
    return clock_ns(CLOCK_MONOTONIC);
}

int64_t wall_ms(void)
{
    return clock_ns(CLOCK_REALTIME) / NS_PER_MS;
}

void die(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fputs("bench: ", stderr);
    vfprintf(stderr, format, args);
    fputc('\n', stderr);
    va_end(args);
    exit(1);
}

void *alloc(size_t size)
{
    void *ptr = calloc(1, size == 0 ? 1 : size);
    if (ptr == NULL)
        die("out of memory (%zu bytes)", size);
    return ptr;
}

void *grow(void *ptr, size_t size)
{
    void *bigger = realloc(ptr, size);
    if (bigger == NULL)
        die("out of memory (%zu bytes)", size);
    return bigger;
}

void rng_seed(struct rng *rng, uint64_t seed)
{
    rng->state = seed * UINT64_C(0x9E3779B97F4A7C15) + UINT64_C(0x2545F4914F6CDD1D);
    if (rng->state == 0)
        rng->state = 1;
}

uint64_t rng_next(struct rng *rng)
{
    uint64_t x = rng->state;
    x ^= x >> 12;
    x ^= x << 25;
    x ^= x >> 27;
    rng->state = x;
    return x * UINT64_C(0x2545F4914F6CDD1D);
}

/* The remainder's bias is far below what a load could notice. */
uint64_t rng_below(struct rng *rng, uint64_t bound)
{
    return bound == 0 ? 0 : (rng_next(rng) >> 11) % bound;
}

double rng_unit(struct rng *rng)
{
    return (double)(rng_next(rng) >> 11) * 0x1.0p-53;
}

/* The integral of x^-s, and its inverse. */
static double zipf_h(const struct zipf *zipf, double x)
{
    return (exp((1.0 - zipf->s) * log(x)) - 1.0) / (1.0 - zipf->s);
}

static double zipf_h_inverse(const struct zipf *zipf, double x)
{
    return exp(log1p(x * (1.0 - zipf->s)) / (1.0 - zipf->s));
}

void zipf_init(struct zipf *zipf, uint64_t n, double s)
{
    if (s > 0.999 && s < 1.001)
        s = 0.999; /* the closed forms above have their pole at 1 */
    *zipf = (struct zipf){ .n = (double)n, .s = s };
    zipf->h_x1 = zipf_h(zipf, 1.5) - 1.0;
    zipf->h_n = zipf_h(zipf, zipf->n + 0.5);
    zipf->cut = 2.0 - zipf_h_inverse(zipf, zipf_h(zipf, 2.5) - exp(-s * log(2.0)));
}

uint64_t zipf_next(const struct zipf *zipf, struct rng *rng)
{
    for (;;) {
        double u = zipf->h_n + rng_unit(rng) * (zipf->h_x1 - zipf->h_n);
        double x = zipf_h_inverse(zipf, u);
        double k = floor(x + 0.5);
        if (k < 1.0)
            k = 1.0;
        if (k > zipf->n)
            k = zipf->n;
        if (k - x <= zipf->cut || u >= zipf_h(zipf, k + 0.5) - exp(-zipf->s * log(k)))
            return (uint64_t)k - 1;
    }
}

/* A prime step that does not divide n walks through all residues. */
uint64_t scramble(uint64_t rank, uint64_t n)
{
    uint64_t step = n % UINT64_C(2147483647) == 0 ? 2147483629 : 2147483647;
    return rank * step % n;
}
