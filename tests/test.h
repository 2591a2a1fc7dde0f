/* test.h - the harness of medvol's tests: cases, checks, a leak-counting context, random data, guarded
   buffers. Each tests/test_NAME.c defines one table `const t_case tests_NAME[]`; the build finds it by the
   file's name. A case runs once for each SIMD level and each of 1, 2 and 5 threads (T_ONCE: once), with the
   context `T`; blocks it leaves unreleased fail it. */
#ifndef MEDVOL_TEST_H
#define MEDVOL_TEST_H
#include "../medvol.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "api.h"

/* the tests' own arithmetic in the types they name, as the header's */
#if defined(__GNUC__) && !defined(__clang__) && defined(__i386__)
#  pragma GCC target("sse2,fpmath=sse")
#elif defined(__GNUC__) && !defined(__clang__) && defined(__s390__)
#  pragma GCC optimize("excess-precision=fast")
#endif
#if defined(__unix__) || defined(__APPLE__)
#  define T_POSIX(run) run
#else
#  define T_POSIX(run) NULL
#endif
#define T_BIG_ENDIAN (*(const char *)&(const int){1} == 0)

enum { T_ONCE = 1 };
typedef struct t_case {
    const char *name;
    void (*run)(void); /* NULL: skipped, for want of a POSIX system */
    int flags;
} t_case;

extern mv_ctx *T;      /* context of the running case: t_threads threads; counts its blocks */
extern int t_level;    /* SIMD level in force */
extern int t_threads;

int t_check(int ok, const char *file, int line, const char *what);
int t_status(mv_status got, mv_status want, const char *file, int line, const char *what);
int t_near(double a, double b, double tol, const char *file, int line, const char *what);
void t_skip(const char *why); /* the case cannot run here: it counts as skipped, and the output says why */
#ifdef __clang_analyzer__ /* what follows a failed check is not looked at */
#  define CHECK(x) ((x) ? 1 : (__builtin_unreachable(), 0))
#  define CHECK_OK(call) CHECK((call) == MEDVOL_OK)
#  define CHECK_STATUS(call, want) CHECK((call) == (want))
#else
#  define CHECK(x) t_check(!!(x), __FILE__, __LINE__, #x)
#  define CHECK_OK(call) t_status((call), MEDVOL_OK, __FILE__, __LINE__, #call)
#  define CHECK_STATUS(call, want) t_status((call), (want), __FILE__, __LINE__, #call)
#endif
#define CHECK_NEAR(a, b, tol) t_near((a), (b), (tol), __FILE__, __LINE__, #a " ~ " #b)

/* As firmware (MEDVOL_NO_STDIO and more, tests/firmware) the library has neither files nor memory of its own:
   contexts bring both. T_IO: the files they are given, NULL where the platform has some; T_FILES: those or
   the platform's. T_NONE: no context; T_EMPTY begins one that is told nothing; as firmware both have the
   hooks. */
#ifdef MEDVOL_NO_STDIO
extern const mv_io t_files;
extern mv_ctx t_none;
#  define T_IO (&t_files)
#  define T_FILES T_IO
#  define T_NONE (&t_none)
#  define T_EMPTY t_none
#  define T_SMALL 1 /* a few megabytes of memory */
#else
#  define T_IO NULL
#  define T_FILES mv_io_default()
#  define T_NONE NULL
#  define T_EMPTY {0}
#  define T_SMALL 0
#endif

/* Random numbers of a fixed sequence: t_seed restarts it. */
void t_seed(uint64_t seed);
uint64_t t_bits(void);
double t_uniform(double lo, double hi);
double t_normal(void);

/* The twelve real types; value i of an array of one of them, 64-bit integers rounded to double; a half of
   `mant` mantissa bits. */
extern const mv_dtype t_real_types[12];
double t_value(const void *data, mv_dtype t, size_t i);
double t_half(unsigned h, int mant, int bias);

/* CRC-32 of gzip and PNG, by a table of bytes; crc: of what came before, 0 at the start. */
uint32_t t_crc32(uint32_t crc, const void *data, size_t n);

/* n bytes that end right before an unreadable page, and begin right after one when n is a multiple of 64 KiB
   (where the platform has pages): reading or writing one byte too far ends the program. t_guard_writable: 0:
   writing to them ends it too, 1: no longer. Released with t_guard_free. */
void *t_guard(size_t n);
void t_guard_writable(void *p, size_t n, int on);
void t_guard_free(void *p, size_t n);

/* Blocks alive in T, allocations made; fail the k-th allocation from now on (0: none), once or for ever. */
size_t t_live(void);
size_t t_allocations(void);
void t_fail_alloc(size_t k, int forever);
/* A context whose bytes are counted; the most of them alive at once since the last call of t_peak, and now. */
void t_weigh(mv_ctx *ctx, int threads);
size_t t_peak(void);
size_t t_weight(void);

/* Which public functions the cases of one kind called (bit 0), or leave out for a reason (bit 1). A file that
   defines API_KIND before including this one has its calls noted; a run of all cases fails when a public
   function was neither called nor left out in a kind, so a new one needs an entry in each. */
enum { T_OOM, T_GUARD, T_FUZZ, T_KINDS };
#define X(name) API_##name,
enum { API_FUNCTIONS(X) API_N };
#undef X
extern unsigned char t_called[T_KINDS][API_N];
#define API_LEFT_OUT(name, why) (t_called[API_KIND][API_##name] |= (unsigned char)(sizeof("" why) ? 2 : 0))

/* A path in the scratch folder build/tmp; the text stays valid for four calls. t_source: of a file of the
   project, until the next call. */
const char *t_path(const char *name);
const char *t_source(const char *name);
/* Loads ../shared/data/recon/NAME, which is not part of the project; 0: it is not there. */
int t_shared(mv_volume *v, const char *name);
#endif
