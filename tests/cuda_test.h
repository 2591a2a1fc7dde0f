/* cuda_test.h: what the tests of medvol_cuda.h share. They are programs of the public header, compiled without
   CUDA by the host's compiler; cuda_impl.cu beside them is compiled by nvcc for a GPU, or by the host's compiler with
   cuda_cpu.h, which runs the kernels on the processor, in three orders of threads. Every suite ends in
   SUITE(name, parts...); cuda_main.cpp runs them: of a suite named `once` in one order, of `last` after all others. */
#ifndef CUDA_TEST_H
#define CUDA_TEST_H
#include "medvol_cuda.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#define EMU_API_ONLY
#include "cuda_cpu.h" /* only if `emulated` */

/* ---- device memory without CUDA's headers (cuda_impl.cu). Copies wait; put, get and set tell whether they worked. ---- */
extern "C" {
extern const int emulated;
void *dev_alloc(size_t bytes); /* NULL: refused */
void dev_free(void *p);
int dev_put(void *device, const void *host, size_t bytes);
int dev_get(void *host, const void *device, size_t bytes);
int dev_set(void *device, int byte, size_t bytes);
int dev_error(int forget); /* what was left behind */
mv_cuda_stream dev_stream(void);
void dev_stream_free(mv_cuda_stream s);
void dev_stream_wait(mv_cuda_stream s);
/* begins a capture; ends it, runs the graph once and waits: whether that worked */
int dev_capture(mv_cuda_stream s);
int dev_replay(mv_cuda_stream s);
}
template <class T> bool dev_new(T **p, size_t bytes) { return (*p = (T *)dev_alloc(bytes)) != NULL; }

/* ---- checks ---- */
extern mv_ctx cpu;
extern mv_cuda_ctx gpu;
extern int order_now;    /* of threads: 0.. */
extern char about[256]; /* what is being tried; printed with failures */
void check_at(int ok, const char *what, const char *file, int line);
void check_status_at(mv_status got, mv_status want, const char *what, const char *file, int line);
#define check(ok, what, line) check_at(ok, what, __FILE__, line)
#define check_status(got, want, what, line) check_status_at(got, want, what, __FILE__, line)
#define CHECK(x) check((x) ? 1 : 0, #x, __LINE__)
#define CHECK_STATUS(x, want) check_status(x, want, #x, __LINE__)
void settled_at(mv_status got, mv_status want, const char *file, int line);
/* x, and what the device then finds, is `want`; failures have a message */
#define CHECK_SETTLED(x, want) settled_at(x, want, __FILE__, __LINE__)
/* x, while a graph is captured, is refused with `want`, and so is the graph */
#define CHECK_UNCAPTURED(x, want) (captures(), CHECK_STATUS(x, want), captures_not(want, __FILE__, __LINE__))
void captures(void);
void captures_not(mv_status want, const char *file, int line);
/* Bits that came from the device: the same in all orders of threads and, on a GPU, twice. */
void keep(const void *p, size_t n);
extern unsigned seed;
inline unsigned draw(void) { return seed = seed * 1664525u + 1013904223u, seed >> 8; }
/* With SHARE=4 in the environment, for tools that slow a GPU down: true of three of four cases, drawn; else of none */
int spared(void);
inline double uniform(void) { return draw() / 16777216.0; }

/* ---- twins: a block on the host and one on the device, with the same volume in both ---- */
struct shape { int ndim; size_t dim[7]; };
enum { PLAIN = 0, VIEW = 1, SHIFTED = 2, LAYOUTS = 3 }; /* VIEW: gaps on all sides; SHIFTED: by one
    element, of complex numbers in odd rows by half a one */
struct twin {
    size_t bytes;
    unsigned char *block, *there;
    mv_volume host, device;
};
/* twin_make: bytes drawn. twin_place: affine, steps, scaling drawn. send: the host's block to the device.
   each: f(voxel) for all of a volume on the host. */
void twin_make(twin *t, mv_dtype type, int ndim, const size_t *dim, int layout);
inline void twin_make(twin *t, mv_dtype type, const shape *s, int layout) {
    twin_make(t, type, s->ndim, s->dim, layout);
}
void twin_place(twin *t);
void twin_free(twin *t);
void send(twin *t);
template <class F> void each(const mv_volume *v, F f) {
    size_t k[7] = {0}, i;
    for (;;) {
        size_t at = 0;
        for (i = 0; i < (size_t)v->ndim; i++) at += k[i] * (size_t)v->stride[i];
        f((unsigned char *)v->data + at * mv_dtype_size(v->dtype));
        for (i = 0; i < (size_t)v->ndim && ++k[i] == v->dim[i]; i++) k[i] = 0;
        if (i == (size_t)v->ndim) return;
    }
}

/* A volume of any size that is nowhere, for what must be refused by its size: only within AFAR, which lets pointers be. */
mv_volume afar(mv_dtype type, size_t x, size_t y = 1, size_t z = 1, size_t c = 1, size_t d = 1);
#define AFAR for (gpu.desc.trust = sizeof(size_t) > 4; gpu.desc.trust; gpu.desc.trust = 0)

/* The scratch that a call takes of a context c of its own: bytes from `least` to `most` */
template <class F> void needs(const char *what, double least, double most, F call, const char *file, int line) {
    mv_cuda_ctx c;
    mv_status st;
    memset(&c, 0, sizeof c);
    st = call(&c);
    check_status_at(st < 0 ? st : mv_cuda_sync(&c), MEDVOL_OK, mv_cuda_message(&c), file, line);
    snprintf(about, sizeof about, "%s: %zu bytes, %.0f to %.0f", what, c.workspace_need, least, most);
    check_at((double)c.workspace_need >= least && (double)c.workspace_need <= most, "scratch", file, line);
    mv_cuda_ctx_free(&c);
}
#define NEEDS(least, most, x) needs(#x, least, most, [&](mv_cuda_ctx *c) { return x; }, __FILE__, __LINE__)

/* call() into `dst`, which has memory, with calls of the runtime failing in turn, each of the first 16: it is refused and says why, dst's
   struct is as it was, the context goes on */
template <class F> void faults(const char *what, const mv_cuda_volume *dst, F call, const char *file, int line) {
    const mv_cuda_volume was = *dst;
    mv_status st;
    int n = emulated ? 1 : 0, left = 0, refused = 0;
    for (; n && !left; n += 1 + n / 16) {
        snprintf(about, sizeof about, "%s: call %d of the runtime fails", what, n);
        emu_fail_call(n, 1);
        st = call();
        left = emu_fail_call(0, 0);
        refused += st < 0;
        check_at(st == MEDVOL_OK || (left == 0 && mv_cuda_message(&gpu)[0]), "refused, with a message", file, line);
        check_at(st == MEDVOL_OK || !memcmp(&was, dst, sizeof was), "dst's struct", file, line);
        check_status_at(mv_cuda_sync(&gpu), MEDVOL_OK, mv_cuda_message(&gpu), file, line);
        check_at(!dev_error(1), "no error stays behind", file, line);
    }
    check_at(!emulated || refused > 1, "some are told", file, line);
}
#define FAULTS(dst, x) faults(#x, dst, [&] { return x; }, __FILE__, __LINE__)

/* ---- suites ---- */
struct test_part {
    const char *name;
    void (*run)(void);
};
struct test_suite {
    const char *name;
    const test_part *parts;
    int n;
    test_suite *next;
    static test_suite *first;
    test_suite(const char *name_, const test_part *parts_, int n_)
        : name(name_), parts(parts_), n(n_), next(first) { first = this; }
};
#define SUITE(name, ...)                                \
    static const test_part parts_of_##name[] = {__VA_ARGS__}; \
    static test_suite suite_##name(#name, parts_of_##name, (int)(sizeof parts_of_##name / sizeof(test_part)))
#endif
