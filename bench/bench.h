/* bench.h - what rows, peers and the bench that times them share.

   A row is one line of a table in rows_*.c: an operation on a volume of some type, how its result is checked,
   and the work that no implementation can avoid. A peer is one line of a table in peers/: another library's
   way to the same result. */
#ifndef BENCH_H
#define BENCH_H
#include "../medvol.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#ifdef __cplusplus
extern "C" {
#endif

/* Notes which public functions ran while the clock did: `make test-bench` wants every one of them. */
#ifdef BENCH_MARK_CALLS
#  define API_KIND bench_timed
#endif
#include "api.h"
#define BENCH_ENUM(name) API_##name,
enum { API_FUNCTIONS(BENCH_ENUM) API_COUNT };
#undef BENCH_ENUM
extern unsigned char t_called[2][API_COUNT];
extern int bench_timed;

enum { BENCH_NUMBERS = 32, BENCH_AUX = 3 };

/* One working set. The bench holds several and takes them in turn where a volume is meant to lie in memory
   and not in a cache; all of it but `in` and `ctx` is the row's, and freed after it. */
typedef struct bench {
    mv_ctx *ctx;
    size_t side;
    mv_volume in;             /* a noisy head of side x side x side voxels, the row's type, 0.9 mm */
    mv_volume out;            /* the result: empty before the first call, its own memory afterwards */
    mv_volume peer;           /* a peer's result: out's shape and type */
    mv_volume aux[BENCH_AUX]; /* what setup makes */
    double number[BENCH_NUMBERS], peer_number[BENCH_NUMBERS];
    int numbers;              /* how many; 0: the result is out */
    size_t packed, peer_packed; /* bytes of a compressed result; 0: is none */
    char path[2][600];        /* temporary files of this set, removed after the row */
    void *own;                /* the row's; peer_own: the peer's */
    void *peer_own;
} bench;

/* Work that cannot be avoided, as letters: r reads in, a, b, d read aux[0], aux[1], aux[2], c reads as much
   as it writes of out, m reads in while it writes out, w writes out, p changes out in place, f writes a new
   file of out's (numbers: in's) size. NULL: no floor. */
typedef struct bench_row {
    const char *op;
    mv_dtype dtype;
    mv_status (*run)(bench *b);               /* what is timed */
    double (*want)(const bench *b, size_t i); /* the right value of element i of the result ... */
    double tolerance;                         /* ... to so much of the largest one; 0: exact */
    int (*check)(bench *b);                   /* or this: non-zero when the result is wrong */
    const char *floor;
    double fma;                     /* multiply-adds of f32 a voxel of the larger of in and out, at least */
    mv_status (*setup)(bench *b);   /* or NULL */
    void (*done)(bench *b);         /* frees what setup made and the bench does not know of, or NULL */
    size_t most;                    /* largest side that makes sense, taken where all asked for are larger; 0:
                                       any. 1: the side is of no concern */
    double (*work)(const bench *b); /* or so many in all; a double counts 2, a complex product 4 */
    double passes;                  /* how often the floor's b is read; 0: once */
} bench_row;

typedef struct bench_peer {
    const char *name, *op;
    mv_dtype dtype;                /* with op: the row it answers */
    int (*run)(bench *b);          /* fills b->peer or b->peer_number; non-zero: failed */
    double tolerance;              /* as a row's, against our result ... */
    int (*check)(bench *b);        /* ... or this: non-zero when the result is wrong */
    int all_threads;               /* takes part in rows of several threads: it uses as many */
    int (*setup)(bench *b);        /* or NULL; positive: failed, negative: has no answer to this size */
    void (*done)(bench *b);
} bench_peer;

/* tables end with an empty line */
#define BENCH_TABLES(X) X(core) X(gzip) X(io) X(intensity) X(spatial) X(resample) X(linalg) X(fft) \
    X(kspace) X(coils) X(grappa) X(sense) X(traj) X(nufft) X(iterate) X(filter) X(field) X(measure) X(stats) \
    X(register) X(bspline) \
    X(mind) X(flow) X(nearest) X(landmarks) X(layers) X(cache) X(transport)
#define BENCH_DECLARE(name) extern const bench_row rows_##name[];
BENCH_TABLES(BENCH_DECLARE)
#undef BENCH_DECLARE

static inline size_t bench_bytes(const mv_volume *v) { return mv_volume_count(v) * mv_dtype_size(v->dtype); }
/* value i of a contiguous volume of real type, stored number; of others byte i */
double bench_value(const mv_volume *v, size_t i);
/* multiply-adds of Fourier transforms of length n over so many complex numbers: 1.5 log2 n each, as those of
   radix 4 and 8 take (5 log2 n additions and products) */
static inline double bench_fft(double numbers, double n) { return 1.5 * numbers * log2(n); }
/* Is this the input that the key was last asked about? It is from now on. For oracles that look at all of it
   once. */
typedef struct bench_key {
    const void *data;
    size_t side;
    mv_dtype dtype;
    double middle;
} bench_key;
int bench_known(bench_key *key, const bench *b);
/* makes *v of n bytes, every page touched */
mv_status bench_room(bench *b, mv_volume *v, size_t n);
/* in's value at a place given in voxels, in double; beyond the border the border's */
double bench_at(const bench *b, const double *p, mv_interp how);
/* *f: a smooth displacement field on in's grid, an image of three components along x, y, z, no longer than
   `longest` voxels each; `which` gives another one. bench_displaced: the same at element i of the first
   component, in voxels (of 0.9 mm, axes as the world's). */
mv_status bench_field(bench *b, mv_volume *f, double longest, double which);
void bench_displaced(const bench *b, size_t i, double longest, double which, double *u);
/* a new name for a temporary file of this set, path[k], ending in `suffix` */
const char *bench_path(bench *b, int k, const char *suffix);

#ifdef __cplusplus
}
#endif
#endif
