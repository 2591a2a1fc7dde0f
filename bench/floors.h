/* floors.h - what this machine can do at best: memory by way of examples/example.h, multiply-adds, page
   faults; and the calibration kernel, a fixed piece of work whose time says how fast the machine is now. */
#ifndef FLOORS_H
#define FLOORS_H
#ifndef _GNU_SOURCE
#  define _GNU_SOURCE 1 /* affinities */
#endif
#include "../examples/example.h"
#ifdef __linux__
#  include <sched.h>
#  include <sys/mman.h>
#endif

/* ---- multiply-adds of f32: 10 chains of the widest vectors, so that latency hides ---- */
enum { FMA_ROUNDS = 4000, FMA_CHAINS = 10 };
#define FMA_KERNEL(SFX, TARGET, V, SET1, MADD)                                                               \
    TARGET static void fma_##SFX(void) {                                                                     \
        V a[FMA_CHAINS], k = SET1(ex_one), c = SET1(1e-9f), s;                                               \
        int i, j;                                                                                            \
        for (j = 0; j < FMA_CHAINS; j++) a[j] = SET1(1e-9f * (float)j);                                      \
        for (i = 0; i < FMA_ROUNDS; i++) {                                                                   \
            _Pragma("GCC unroll 10") for (j = 0; j < FMA_CHAINS; j++) a[j] = MADD(a[j], k, c);               \
        }                                                                                                    \
        for (s = a[0], j = 1; j < FMA_CHAINS; j++) s = MADD(a[j], k, s);                                     \
        ex_sink = *(float *)&s;                                                                              \
    }
#ifdef __x86_64__
#  define FMA_SSE(a, k, c) _mm_add_ps(_mm_mul_ps(a, k), c)
FMA_KERNEL(avx512, __attribute__((target("avx512f"))), __m512, _mm512_set1_ps, _mm512_fmadd_ps)
FMA_KERNEL(avx2, __attribute__((target("avx2,fma"))), __m256, _mm256_set1_ps, _mm256_fmadd_ps)
FMA_KERNEL(base, , __m128, _mm_set1_ps, FMA_SSE)
#else
typedef float fma_v4 __attribute__((vector_size(16)));
#  define FMA_SET1(x) ((fma_v4){0} + (x))
#  define FMA_V4(a, k, c) ((a) * (k) + (c))
FMA_KERNEL(base, , fma_v4, FMA_SET1, FMA_V4)
#endif
static double fma_lanes(void) { return mv_level() >= 4 ? 16.0 : mv_level() == 3 ? 8.0 : 4.0; }
static void fma_job(void *arg, size_t i) {
    (void)arg, (void)i;
#ifdef __x86_64__
    if (mv_level() >= 4) { fma_avx512(); return; }
    if (mv_level() == 3) { fma_avx2(); return; }
#endif
    fma_base();
}
/* f32 multiply-adds a second on the context's threads, the best of some runs */
static double fma_peak(ex *e) {
    size_t jobs = 16 * (size_t)mv_threads(&e->ctx);
    double best = 1e9, t;
    int i;
    for (i = 0; i < 30; i++) {
        t = ex_now();
        EX_OK(mv_parallel_for(&e->ctx, jobs, fma_job, NULL, NULL));
        t = ex_now() - t;
        if (t < best) best = t;
    }
    return (double)jobs * FMA_ROUNDS * FMA_CHAINS * fma_lanes() / best;
}

/* nanoseconds to touch a fresh page of 4 KiB, and of 2 MiB where the system gives such; 0: not known */
static double page_cost(int huge) {
#ifdef __linux__
    size_t n = (size_t)1 << 26, at, page = huge ? (size_t)1 << 21 : 4096;
    double best = 1e9, t;
    int i;
    for (i = 0; i < 5; i++) {
        unsigned char *p =
            (unsigned char *)mmap(NULL, n, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (p == MAP_FAILED) return 0.0;
        madvise(p, n, huge ? MADV_HUGEPAGE : MADV_NOHUGEPAGE);
        t = ex_now();
        for (at = 0; at < n; at += page) ((volatile unsigned char *)p)[at] = 1;
        t = ex_now() - t;
        munmap(p, n);
        if (t < best) best = t;
    }
    return 1e9 * best * (double)page / (double)n;
#else
    (void)huge;
    return 0.0;
#endif
}
/* bytes of the last cache that one core sees; sysconf adds up those of a whole machine */
static double cache_bytes(void) {
    int k, n;
    double bytes = 0.0;
    for (k = 0; k < 5; k++) {
        char path[80], unit = 0;
        FILE *f;
        snprintf(path, sizeof path, "/sys/devices/system/cpu/cpu0/cache/index%d/size", k);
        if (!(f = fopen(path, "r"))) continue;
        if (fscanf(f, "%d%c", &n, &unit) == 2) bytes = fmax(bytes, n * (unit == 'M' ? 1048576.0 : 1024.0));
        fclose(f);
    }
    return bytes > 0.0 ? bytes : 33554432.0;
}
static int cores(void) {
#ifdef __linux__
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set) == 0) return CPU_COUNT(&set);
#endif
    return (int)sysconf(_SC_NPROCESSORS_ONLN);
}
/* The calling thread onto one core, or back to all. Only serial rows are pinned: threads that a library
   starts inherit the mask of the thread that starts them. */
static void pin(int on) {
#ifdef __linux__
    static cpu_set_t all;
    static int known;
    cpu_set_t one;
    int c, last = 0;
    if (!known) known = sched_getaffinity(0, sizeof all, &all) == 0;
    if (!known) return;
    for (c = 0; c < CPU_SETSIZE; c++)
        if (CPU_ISSET(c, &all)) last = c;
    CPU_ZERO(&one);
    CPU_SET(last, &one);
    sched_setaffinity(0, sizeof one, on ? &one : &all);
#else
    (void)on;
#endif
}

/* ---- the calibration kernel: multiply-adds and a copy, in the cache or in memory as the row is ---- */
typedef struct calibration {
    unsigned char *a, *b;
    size_t n;
} calibration;
enum { CALIBRATION_CACHE = 2 << 20, CALIBRATION_MEMORY = 32 << 20, CALIBRATION_PIECE = 1 << 18,
    CALIBRATION_WORK = 128 << 20 };
static void calibration_init(calibration *c, int in_memory) {
    c->n = in_memory ? CALIBRATION_MEMORY : CALIBRATION_CACHE;
    c->a = (unsigned char *)malloc(2 * c->n);
    if (!c->a) exit(EX_MEMORY);
    c->b = c->a + c->n;
    memset(c->a, 7, 2 * c->n);
}
static void calibration_job(void *arg, size_t i) {
    const calibration *c = (const calibration *)arg;
    size_t at = i * CALIBRATION_PIECE % c->n;
    memcpy(c->b + at, c->a + at, CALIBRATION_PIECE);
    if (i % 4 == 0) fma_job(NULL, 0);
}
static double calibrate(ex *e, calibration *c) {
    double t = ex_now();
    EX_OK(mv_parallel_for(&e->ctx, (size_t)CALIBRATION_WORK / CALIBRATION_PIECE, calibration_job, c, NULL));
    return ex_now() - t;
}
#endif
