/* fuzz.h - what the fuzzers share. A target is a file tests/fuzz/fuzz_NAME.c with one FUZZ(NAME) { ... } over
   the bytes p[0..n-1]: whatever they are, every MUST() holds and no sanitizer speaks. p[0] is the number of
   the allocation that fails (0, or more than there are: none), p[1] holds options, its low two bits the SIMD
   level. With -DFUZZ_ENGINE a target is a fuzzer's entry point; without it a function of the test program
   (test_fuzz.c), and its mv_ calls are noted. */
#ifndef FUZZ_H
#define FUZZ_H
#ifdef FUZZ_ENGINE
#  include "medvol.h"
#  include <math.h>
#  include <stdlib.h>
#  include <string.h>
#  define T_NONE NULL
#  define FUZZ(name)                                                                                         \
      extern int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);                                         \
      int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
#else
#  define API_KIND T_FUZZ
#  include "../test.h"
#  define FUZZ(name)                                                                                         \
      extern int fuzz_##name(const uint8_t *p, size_t n);                                                    \
      int fuzz_##name(const uint8_t *p, size_t n)
#endif

/* A broken promise: says which and ends the program. */
void fz_broken(const char *file, int line, const char *what);
#ifdef __clang_analyzer__
#  define MUST(x) CHECK(x)
#else
#  define MUST(x) do { if (!(x)) fz_broken(__FILE__, __LINE__, #x); } while (0)
#endif

/* The context of a run: refuses request number `fail` and any above `most` bytes. The same context serves run
   after run; fz_end checks that every block came back. fz_begin_pool: one with two threads. */
mv_ctx *fz_begin(unsigned fail, size_t most);
mv_ctx *fz_begin_pool(unsigned fail, size_t most);
void fz_end(void);
int fz_refused(void);         /* a request of this run was refused */
size_t fz_alive(void);        /* blocks not yet given back */
void fz_level(unsigned bits); /* level 1 + bits % 4, or the most the CPU has */
/* what every failure owes: the status in the context, a message, out of memory only when it was */
void fz_failed(const mv_ctx *c, mv_status st);

/* The input as a tape of values; behind its end it gives zeros. */
void fz_tape(const uint8_t *p, size_t n);
int fz_ended(void);
unsigned fz_byte(void);
size_t fz_size(void);    /* mostly small, now and then absurd */
double fz_number(void);  /* small, odd, huge, infinite or NaN */
mv_dtype fz_type(void);  /* any, unknown ones too */
uint64_t fz_noise(void);
uint64_t fz_hash(uint64_t h, const void *p, size_t n);
uint64_t fz_hash_volume(uint64_t h, const mv_volume *v); /* voxels, shape, affine, scaling */

/* A volume from the tape: at most some 1500 voxels, numbers, noise or constants; *v may be a view into *base.
   Free base alone. Shapes that do not fit are told by the status. */
mv_status fz_volume(mv_ctx *c, mv_volume *base, mv_volume *v);

/* Operations on volumes: up to four of them, each into a new volume, onto a copy or in place. After a failure
   the destination is as it was; without one the scalar level on one thread gives the same: bits, or values
   within `loose` of the largest and, as a value near a tie rounds either way, one step of an integer type. */
typedef struct fz_step {
    mv_ctx *ctx;
    mv_volume *dst;
    const mv_volume *src;
    uint64_t hash; /* of what came out */
    double loose;  /* 0: the same bits are promised */
} fz_step;
typedef mv_status (*fz_op)(fz_step *s);
int fz_steps(const uint8_t *p, size_t n, const fz_op *ops, size_t count, size_t most);
void fz_near(const double *x, size_t n); /* values of this step, to be compared within `loose` */

/* seeds.c: the first inputs of a target, one after the other */
void fz_seeds(const char *target, void (*give)(void *user, const char *name, const uint8_t *p, size_t n),
              void *user);
#endif
