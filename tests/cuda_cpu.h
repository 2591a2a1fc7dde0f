/* cuda_cpu.h: what CUDA kernels and the host code about them use, on a CPU.
   The kernels' text, unchanged, runs block after block, each thread a fiber of its own, in one OS thread:
   grids, blocks, shared memory, barriers, warp shuffles and votes. The runtime calls have CUDA's names and
   rules, but streams are queues that run only when somebody waits for them: a forgotten wait shows. Device
   memory begins as NaN, ends at a guard page and is gone when freed; shared memory begins as NaN in every
   block. Compiled with -fsanitize=thread and linked without it (the hooks are here), every load and store of
   a kernel is looked at: races, uninitialised reads, bounds, conflicts between blocks, pointers of the wrong
   side, alignment; and the sectors of every request and the passes through shared memory can be counted. One
   C++11 source of a program includes this file; others, and C, define EMU_API_ONLY and get the controls
   alone. */
#ifndef EMU_CUDA_CPU_H
#define EMU_CUDA_CPU_H
#include <stddef.h>
#ifdef __cplusplus
extern "C" {
#endif
typedef struct emu_counts { /* sums over the warps of a launch; a request is one access of one warp */
    /* device memory: sectors of 32 bytes, bytes that lanes ask for */
    unsigned long long load_requests, load_sectors, load_bytes;
    unsigned long long store_requests, store_sectors, store_bytes;
    /* of 8 or 16 bytes a lane, half or quarter warps are a request each; at best 1 pass each */
    unsigned long long shared_requests, shared_passes;
    unsigned long long accesses; /* of threads */
    unsigned long long blocks, threads, barriers;
} emu_counts;
enum { EMU_FORWARD = 0, EMU_BACKWARD, EMU_SHUFFLED };
/* emu_order: of blocks and of threads from the next launch on.
   emu_reports: how many mistakes were found (equal ones count once); emu_report: the words of number i, NULL
   past the end; emu_forget: empties the list. emu_check: 1 where the hooks look at every access. emu_profile:
   counts of the launch that ran last; needs the hooks and emu_profiling(1) before it ran, else only its
   blocks, threads and barriers; emu_profile_of: of the last launch of a kernel whose name holds `kernel`, 0: none
   among the last 64 kernels. emu_leaks: live allocations, pinned ranges, streams, events, graphs and FFT
   plans. emu_reset: as if the program had just started; what was live is gone. emu_fail_alloc: the n-th
   allocation of device or pinned memory from now fails (1: the next; 0: none). emu_fail_call: the n-th call of
   the runtime or of cuFFT from now does nothing but fail by `error`, of those that neither free nor end; gives
   what was left to count of the one before (0: it has failed). emu_limit: bytes of a device
   (0: 16 GiB). emu_device: how many there are, and the driver's version (0: none). emu_raise: an error as
   earlier code leaves it, sticky where CUDA's is. emu_pending: operations queued on all streams.
   emu_launches: launches run so far; emu_waits: calls so far in which the host waited for the device. */
void emu_order(int kind, unsigned seed);
int emu_reports(void);
const char *emu_report(int i);
void emu_forget(void);
int emu_check(void);
void emu_profiling(int on);
void emu_profile(emu_counts *counts);
int emu_profile_of(const char *kernel, emu_counts *counts);
int emu_leaks(void);
void emu_reset(void);
void emu_fail_alloc(int n);
int emu_fail_call(int n, int error);
void emu_limit(size_t bytes);
void emu_device(int present, int driver);
void emu_raise(int error);
int emu_pending(void);
unsigned long long emu_launches(void);
unsigned long long emu_waits(void);
#ifdef __cplusplus
}
#endif
#if !defined EMU_API_ONLY && defined __cplusplus
#include <limits.h>
#include <math.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>
#include <new>
#if defined __SANITIZE_THREAD__
#define EMU_CHECK 1
#elif defined __has_feature
#if __has_feature(thread_sanitizer)
#define EMU_CHECK 1
#endif
#endif
#ifndef EMU_CHECK
#define EMU_CHECK 0
#endif
#if EMU_CHECK
#define EMU_RAW __attribute__((no_sanitize("thread"))) /* the emulation itself is not looked at */
#else
#define EMU_RAW
#endif
#define EMU_FN static inline EMU_RAW
/* its return address is the place in the kernel */
#define EMU_CALL static __attribute__((noinline, unused)) EMU_RAW
#define EMU_BARRIER() __asm__ __volatile__("" ::: "memory")

/* ---- words of the language ---- */
#define __global__
#define __device__
#define __host__
#define __forceinline__ inline
#define __launch_bounds__(...)
#define __constant__ __attribute__((section("emu_const")))
extern "C" { /* bounds of that section, by the linker */
extern const char __start_emu_const[] __attribute__((weak)), __stop_emu_const[] __attribute__((weak));
}
struct uint3 {
    unsigned x, y, z;
};
struct dim3 {
    unsigned x, y, z;
    EMU_RAW dim3(unsigned a = 1, unsigned b = 1, unsigned c = 1) : x(a), y(b), z(c) {}
};
#define EMU_VECTOR2(T, n, a)                                                                                 \
    struct alignas(a) n {                                                                                    \
        T x, y;                                                                                              \
    };                                                                                                       \
    static inline n make_##n(T x, T y) {                                                                     \
        n v = {x, y};                                                                                        \
        return v;                                                                                            \
    }
#define EMU_VECTOR4(T, n, a)                                                                                 \
    struct alignas(a) n {                                                                                    \
        T x, y, z, w;                                                                                        \
    };                                                                                                       \
    static inline n make_##n(T x, T y, T z, T w) {                                                           \
        n v = {x, y, z, w};                                                                                  \
        return v;                                                                                            \
    }
EMU_VECTOR2(float, float2, 8)
EMU_VECTOR2(int, int2, 8)
EMU_VECTOR2(unsigned, uint2, 8)
EMU_VECTOR2(double, double2, 16)
EMU_VECTOR2(long long, longlong2, 16)
EMU_VECTOR2(short, short2, 4)
EMU_VECTOR2(unsigned short, ushort2, 4)
EMU_VECTOR2(unsigned char, uchar2, 2)
EMU_VECTOR2(signed char, char2, 2)
EMU_VECTOR4(float, float4, 16)
EMU_VECTOR4(int, int4, 16)
EMU_VECTOR4(unsigned, uint4, 16)
EMU_VECTOR4(short, short4, 8)
EMU_VECTOR4(unsigned short, ushort4, 8)
EMU_VECTOR4(unsigned char, uchar4, 4)
EMU_VECTOR4(signed char, char4, 4)
struct float3 {
    float x, y, z;
};
struct int3 {
    int x, y, z;
};
static inline float3 make_float3(float x, float y, float z) {
    float3 v = {x, y, z};
    return v;
}
static inline int3 make_int3(int x, int y, int z) {
    int3 v = {x, y, z};
    return v;
}
template <class R, class T> EMU_FN R emu_bits(T v) {
    R r;
    static_assert(sizeof(R) == sizeof(T), "bits of another size");
    memcpy(&r, &v, sizeof r);
    return r;
}
static inline int __float_as_int(float v) { return emu_bits<int>(v); }
static inline unsigned __float_as_uint(float v) { return emu_bits<unsigned>(v); }
static inline float __int_as_float(int v) { return emu_bits<float>(v); }
static inline float __uint_as_float(unsigned v) { return emu_bits<float>(v); }
static inline long long __double_as_longlong(double v) { return emu_bits<long long>(v); }
static inline double __longlong_as_double(long long v) { return emu_bits<double>(v); }
static inline int __popc(unsigned v) { return __builtin_popcount(v); }
static inline int __clz(int v) { return v ? __builtin_clz((unsigned)v) : 32; }
static inline int __ffs(int v) { return __builtin_ffs(v); }
static inline int __popcll(unsigned long long v) { return __builtin_popcountll(v); }
static inline int __clzll(long long v) { return v ? __builtin_clzll((unsigned long long)v) : 64; }
static inline unsigned __brev(unsigned v) {
    unsigned r = 0;
    for (int i = 0; i < 32; i++, v >>= 1) r = r << 1 | (v & 1);
    return r;
}
static inline unsigned __umulhi(unsigned a, unsigned b) {
    return (unsigned)((unsigned long long)a * b >> 32);
}
/* operations that must not become part of a fused multiply-add */
#define EMU_ALONE(T, name, expr)                                                                             \
    static inline T name(T a, T b) {                                                                         \
        volatile T r = expr;                                                                                 \
        return r;                                                                                            \
    }
EMU_ALONE(float, __fmul_rn, a *b)
EMU_ALONE(float, __fadd_rn, a + b)
EMU_ALONE(float, __fsub_rn, a - b)
EMU_ALONE(float, __fdiv_rn, a / b)
EMU_ALONE(double, __dmul_rn, a *b)
EMU_ALONE(double, __dadd_rn, a + b)
static inline float __fmaf_rn(float a, float b, float c) { return fmaf(a, b, c); }
static inline double __fma_rn(double a, double b, double c) { return fma(a, b, c); }
static inline float __fsqrt_rn(float a) { return sqrtf(a); }
static inline float __fdividef(float a, float b) { return a / b; }
#define __expf(a) expf(a)
#define __logf(a) logf(a)
static inline float __saturatef(float a) { return a > 0 ? (a < 1 ? a : 1.0f) : 0.0f; }
static inline float rsqrtf(float a) { return 1.0f / sqrtf(a); }
static inline double rsqrt(double a) { return 1.0 / sqrt(a); }
static inline float sinpif(float a) { return (float)sin(3.14159265358979323846 * fmod((double)a, 2.0)); }
static inline float cospif(float a) { return (float)cos(3.14159265358979323846 * fmod((double)a, 2.0)); }
static inline void sincospif(float a, float *s, float *c) { *s = sinpif(a), *c = cospif(a); }

/* ---- mistakes, collected ---- */
enum {
    EMU_THREADS = 1024,
    EMU_STACK = 64 << 10,
    EMU_STATIC = 48 << 10,
    EMU_SHARED = 227 << 10, /* static and dynamic together */
    EMU_ARENA = 320 << 10,
    EMU_ARRAYS = 64,
    EMU_GROUPS = 8,
    EMU_REPORTS = 200
};
enum { EMU_NEW, EMU_READY, EMU_AT_BLOCK, EMU_AT_WARP, EMU_DONE };
typedef unsigned long long emu_u64;
struct emu_place { /* what threadIdx and its like name */
    uint3 thread, block;
    dim3 threads, blocks;
};
struct emu_fiber {
    void *sp;
    char *stack;
};
struct emu_thread {
    int state, line, fiber, arrays;
    unsigned mask; /* of the meeting it waits for */
    uint3 ix;
};
/* lanes that meet under one mask; two slots by parity, so that nobody overwrites what is being read */
struct emu_group {
    unsigned mask, arrived;
    int line, parity;
    char slot[2][32][16];
};
struct emu_warp {
    int groups;
    unsigned live, epoch, full; /* lanes that run; meetings so far, the last one of all lanes */
    emu_group group[EMU_GROUPS];
    unsigned met[32][32]; /* last meeting of two lanes in part of the warp */
    int parts;            /* there was one */
};
struct emu_array {
    size_t at, size;
    int line;
};
typedef void (*emu_body)(void *);
static struct {
    /* the block that runs */
    emu_body call;
    void *arg;
    const char *kernel;
    int running, n, next, pos, opening, ready, alive, arrived, left, cur, line, failed;
    unsigned epoch;                /* barriers of this block */
    emu_u64 serial, launch, block; /* blocks and launches of all time; linear index of this block */
    size_t dynamic, most_shared, used, dirty; /* most_shared: of static and dynamic */
    int arrays, free_fibers, device;
    char *arena, *stacks, *range; /* shared memory, fibers, device memory */
    void *main_sp;
    sigjmp_buf out;
    emu_array array[EMU_ARRAYS];
    emu_thread thread[EMU_THREADS];
    emu_warp warp[EMU_THREADS / 32];
    emu_fiber fiber[EMU_THREADS + 1];
    int free_list[EMU_THREADS + 1], order[EMU_THREADS];
    /* settings and results */
    int order_kind, profiling, quiet, fail_alloc, fail_call, fail_by, reports, last_error, sticky;
    unsigned order_seed;
    emu_counts counts;
    char *report[EMU_REPORTS];
    emu_u64 report_key[EMU_REPORTS];
} emu;
static emu_place emu_ix;
#define threadIdx (emu_ix.thread)
#define blockIdx (emu_ix.block)
#define blockDim (emu_ix.threads)
#define gridDim (emu_ix.blocks)

/* where: a line or a place in the code, the same mistake there counts once */
EMU_CALL __attribute__((format(printf, 2, 3))) void emu_fail(emu_u64 where, const char *format, ...) {
    char text[400];
    size_t used = 0;
    emu_u64 key = 1469598103934665603ull ^ where;
    for (const char *c = format; *c; c++) key = (key ^ (unsigned char)*c) * 1099511628211ull;
    for (const char *c = emu.running && emu.kernel ? emu.kernel : ""; *c; c++)
        key = (key ^ (unsigned char)*c) * 1099511628211ull;
    for (int i = 0; i < emu.reports; i++)
        if (emu.report_key[i] == key) return;
    if (emu.reports == EMU_REPORTS) return;
    if (emu.running)
        used = (size_t)snprintf(
            text, sizeof text, "%.100s: block %u,%u,%u thread %u,%u,%u: ", emu.kernel ? emu.kernel : "kernel",
            blockIdx.x, blockIdx.y, blockIdx.z, threadIdx.x, threadIdx.y, threadIdx.z);
    va_list list;
    va_start(list, format);
    vsnprintf(text + used, sizeof text - used, format, list);
    va_end(list);
    emu.report_key[emu.reports] = key;
    emu.report[emu.reports] = strdup(text);
    if (emu.report[emu.reports]) emu.reports++;
}
extern "C" EMU_RAW int emu_reports(void) { return emu.reports; }
extern "C" EMU_RAW const char *emu_report(int i) { return i >= 0 && i < emu.reports ? emu.report[i] : NULL; }
extern "C" EMU_RAW void emu_forget(void) {
    while (emu.reports) free(emu.report[--emu.reports]);
}
extern "C" EMU_RAW int emu_check(void) { return EMU_CHECK; }
extern "C" EMU_RAW void emu_profiling(int on) { emu.profiling = on; }
extern "C" EMU_RAW void emu_profile(emu_counts *counts) { *counts = emu.counts; }
enum { EMU_KEPT = 64 };
static struct {
    const char *kernel;
    emu_counts counts;
} emu_kept[EMU_KEPT]; /* the latest first */
EMU_CALL void emu_keep(void) {
    int i = 0;
    while (i < EMU_KEPT - 1 && emu_kept[i].kernel && emu_kept[i].kernel != emu.kernel) i++;
    memmove(emu_kept + 1, emu_kept, (size_t)i * sizeof *emu_kept);
    emu_kept[0].kernel = emu.kernel, emu_kept[0].counts = emu.counts;
}
extern "C" EMU_RAW int emu_profile_of(const char *kernel, emu_counts *counts) {
    for (int i = 0; i < EMU_KEPT; i++)
        if (emu_kept[i].kernel && strstr(emu_kept[i].kernel, kernel)) return *counts = emu_kept[i].counts, 1;
    return 0;
}
extern "C" EMU_RAW emu_u64 emu_launches(void) { return emu.launch; }
extern "C" EMU_RAW void emu_order(int kind, unsigned seed) { emu.order_kind = kind, emu.order_seed = seed; }

/* ---- fibers ---- */
/* emu_switch(save, to): keeps on this stack what a call keeps, *save = its top; goes on where `to` was left.
   emu_start: a fiber's first address, calls emu_fiber_main */
#define EMU_HIDDEN __attribute__((visibility("hidden")))
extern "C" EMU_HIDDEN void emu_switch(void **save, void *to);
extern "C" EMU_HIDDEN void emu_start(void);
#if defined __x86_64__ && !defined EMU_UCONTEXT
__asm__(".text\n.globl emu_switch\n.hidden emu_switch\n.globl emu_start\n.hidden emu_start\n"
        ".type emu_switch,@function\nemu_switch:\n"
        "push %rbp\npush %rbx\npush %r12\npush %r13\npush %r14\npush %r15\n"
        "mov %rsp,(%rdi)\nmov %rsi,%rsp\n"
        "pop %r15\npop %r14\npop %r13\npop %r12\npop %rbx\npop %rbp\nret\n"
        ".type emu_start,@function\nemu_start:\n"
        ".cfi_startproc\n.cfi_undefined rip\ncall *%rbx\nud2\n.cfi_endproc\n");
#elif defined __aarch64__ && !defined EMU_UCONTEXT
__asm__(".text\n.globl emu_switch\n.hidden emu_switch\n.globl emu_start\n.hidden emu_start\n"
        ".type emu_switch,%function\nemu_switch:\n"
        "sub sp,sp,#160\nstp x19,x20,[sp]\nstp x21,x22,[sp,#16]\nstp x23,x24,[sp,#32]\nstp x25,x26,[sp,#48]\n"
        "stp x27,x28,[sp,#64]\nstp x29,x30,[sp,#80]\nstp d8,d9,[sp,#96]\nstp d10,d11,[sp,#112]\n"
        "stp d12,d13,[sp,#128]\nstp d14,d15,[sp,#144]\nmov x9,sp\nstr x9,[x0]\nmov sp,x1\n"
        "ldp x19,x20,[sp]\nldp x21,x22,[sp,#16]\nldp x23,x24,[sp,#32]\nldp x25,x26,[sp,#48]\n"
        "ldp x27,x28,[sp,#64]\nldp x29,x30,[sp,#80]\nldp d8,d9,[sp,#96]\nldp d10,d11,[sp,#112]\n"
        "ldp d12,d13,[sp,#128]\nldp d14,d15,[sp,#144]\nadd sp,sp,#160\nret\n"
        ".type emu_start,%function\nemu_start:\nblr x19\nbrk #0\n");
#else
#include <ucontext.h>
#ifndef EMU_UCONTEXT
#define EMU_UCONTEXT 1
#endif
static ucontext_t emu_context[EMU_THREADS + 2]; /* [0] is the block's caller */
#endif
static void emu_fiber_main(void);
/* the stacks' tops are 128 bytes apart in a page: else all fibers fight for one set of the cache */
EMU_FN void emu_fiber_open(int f) {
    char *top = emu.fiber[f].stack + EMU_STACK - 128 * (f % 32);
#if defined EMU_UCONTEXT
    ucontext_t *c = &emu_context[f + 1];
    getcontext(c);
    c->uc_stack.ss_sp = emu.fiber[f].stack + 4096,
    c->uc_stack.ss_size = (size_t)(top - emu.fiber[f].stack - 4096);
    c->uc_link = NULL;
    makecontext(c, emu_fiber_main, 0);
    emu.fiber[f].sp = c;
#else
    void **sp = (void **)(void *)top;
    void (*entry)(void) = emu_fiber_main, (*start)(void) = emu_start;
#if defined __x86_64__
    sp -= 9; /* r15 r14 r13 r12 rbx rbp, the address, and two for the alignment */
    memcpy(sp + 4, &entry, sizeof entry), memcpy(sp + 6, &start, sizeof start);
#else
    sp -= 20;
    memcpy(sp, &entry, sizeof entry), memcpy(sp + 11, &start, sizeof start);
#endif
    emu.fiber[f].sp = sp;
#endif
}
/* from: a fiber, -1 the caller */
EMU_FN void emu_go(int from, int to) {
    EMU_BARRIER();
#if defined EMU_UCONTEXT
    swapcontext(&emu_context[from + 1], &emu_context[to + 1]);
#else
    emu_switch(from < 0 ? &emu.main_sp : &emu.fiber[from].sp, to < 0 ? emu.main_sp : emu.fiber[to].sp);
#endif
    EMU_BARRIER();
}
EMU_FN int emu_fiber_take(void) {
    int f = emu.free_list[--emu.free_fibers];
    emu_fiber_open(f);
    emu.opening = f;
    return f;
}
/* the next thread that may go on, -1: none */
EMU_FN int emu_pick(void) {
    if (!emu.ready) return -1;
    for (;;) {
        int i = emu.order[emu.pos];
        emu.pos = emu.pos + 1 == emu.n ? 0 : emu.pos + 1;
        if (emu.thread[i].state == EMU_READY) {
            emu.ready--;
            return i;
        }
    }
}
/* the running thread waits as `state` says until somebody makes it ready */
EMU_FN void emu_wait(int state) {
    int me = emu.cur, f = emu.thread[me].fiber, to;
    emu.thread[me].state = state;
    if (emu.next < emu.n)
        to = emu_fiber_take();
    else {
        int i = emu_pick();
        to = i < 0 ? -1 : emu.thread[i].fiber; /* none: the caller sees who is left */
    }
    emu_go(f, to);
    emu.cur = me;
    threadIdx = emu.thread[me].ix;
}
EMU_FN void emu_free_thread(int i) { emu.thread[i].state = EMU_READY, emu.ready++; }
EMU_FN void emu_barrier_open(void) {
    emu.arrived = 0, emu.epoch++, emu.counts.barriers++;
    for (int i = 0; i < emu.n; i++)
        if (emu.thread[i].state == EMU_AT_BLOCK) emu_free_thread(i);
}
EMU_CALL void emu_sync(int line) {
    emu.thread[emu.cur].line = line;
    if (emu.left)
        emu_fail((emu_u64)line, "line %d: a barrier that %d threads never reach, they have returned", line,
                 emu.left);
    if (!emu.arrived)
        emu.line = line;
    else if (emu.line != line)
        emu_fail((emu_u64)line, "barriers of two places meet: lines %d and %d", emu.line, line);
    if (++emu.arrived < emu.alive)
        emu_wait(EMU_AT_BLOCK);
    else
        emu_barrier_open();
}
EMU_FN int emu_lane(void) { return emu.cur & 31; }

/* ---- warps ---- */
EMU_FN void emu_group_open(emu_warp *w, int first, emu_group *g) {
    g->arrived = 0, g->parity ^= 1, w->epoch++;
    if (g->mask == 0xffffffffu)
        w->full = w->epoch;
    else {
        w->parts = 1;
        for (int a = 0; a < 32; a++)
            if (g->mask >> a & 1)
                for (int b = 0; b < 32; b++)
                    if (g->mask >> b & 1) w->met[a][b] = w->epoch;
    }
    for (int lane = 0; lane < 32; lane++)
        if (g->mask >> lane & 1) {
            int i = first + lane;
            if (i < emu.n && emu.thread[i].state == EMU_AT_WARP && emu.thread[i].mask == g->mask)
                emu_free_thread(i);
        }
}
/* all lanes of mask meet and leave `size` bytes each: returns their slots */
EMU_CALL const char (*emu_meet(unsigned mask, int line, const void *v, size_t size))[16] {
    emu_warp *w = &emu.warp[emu.cur >> 5];
    int lane = emu_lane(), k;
    emu_group *g = NULL;
    if (!(mask >> lane & 1))
        emu_fail((emu_u64)line, "line %d: lane %d is not in its own mask %08x", line, lane, mask);
    mask |= 1u << lane;
    for (k = 0; k < w->groups; k++) {
        if (w->group[k].mask == mask)
            g = &w->group[k];
        else if (w->group[k].arrived && w->group[k].mask & mask)
            emu_fail((emu_u64)line, "line %d: lanes of one warp meet under two masks, %08x and %08x", line,
                     mask, w->group[k].mask);
    }
    if (!g) {
        if (w->groups == EMU_GROUPS) { /* take over one that nobody is in */
            for (k = 0; k < EMU_GROUPS - 1 && w->group[k].arrived; k++) {
            }
            if (w->group[k].arrived) emu_fail((emu_u64)line, "line %d: too many masks at a time", line);
        } else
            w->groups = (k = w->groups) + 1;
        g = &w->group[k];
        g->mask = mask, g->arrived = 0, g->parity = 0;
    }
    if (mask & ~w->live)
        emu_fail((emu_u64)line, "line %d: mask %08x names lanes that are not there: %08x run", line, mask,
                 w->live);
    if (!g->arrived)
        g->line = line;
    else if (g->line != line)
        emu_fail((emu_u64)line, "warp operations of two places meet: lines %d and %d", g->line, line);
    int parity = g->parity;
    emu.thread[emu.cur].line = line, emu.thread[emu.cur].mask = mask;
    if (size) memcpy(g->slot[parity][lane], v, size);
    g->arrived |= 1u << lane;
    if (g->arrived == (mask & w->live))
        emu_group_open(w, emu.cur & ~31, g);
    else
        emu_wait(EMU_AT_WARP);
    return g->slot[parity];
}
EMU_FN void emu_syncwarp(int line, unsigned mask = 0xffffffffu) { (void)emu_meet(mask, line, NULL, 0); }
template <class T> EMU_FN T emu_shfl_from(unsigned mask, int line, T v, int lane) {
    static_assert(sizeof(T) <= 16, "a shuffle moves 16 bytes at most");
    T r;
    const char(*slot)[16] = emu_meet(mask, line, &v, sizeof v);
    if (!(mask >> lane & 1)) {
        emu_fail((emu_u64)line, "line %d: a shuffle reads lane %d, which is not in the mask %08x", line, lane,
                 mask);
        memset(&r, 0xff, sizeof r);
    } else
        memcpy(&r, slot[lane], sizeof r);
    return r;
}
template <class T> EMU_FN T emu_shfl(unsigned mask, int line, T v, unsigned lane) {
    return emu_shfl_from(mask, line, v, (int)(lane & 31u));
}
template <class T> EMU_FN T emu_shfl_down(unsigned mask, int line, T v, unsigned d) {
    unsigned lane = (unsigned)emu_lane();
    return emu_shfl_from(mask, line, v, (int)(lane + d < 32u ? lane + d : lane));
}
template <class T> EMU_FN T emu_shfl_xor(unsigned mask, int line, T v, unsigned m) {
    return emu_shfl_from(mask, line, v, (int)(((unsigned)emu_lane() ^ m) & 31u));
}
EMU_FN unsigned emu_ballot(unsigned mask, int line, int p) {
    unsigned r = 0;
    int v = p != 0, q;
    const char(*slot)[16] = emu_meet(mask, line, &v, sizeof v);
    for (int lane = 0; lane < 32; lane++)
        if (mask >> lane & 1) {
            memcpy(&q, slot[lane], sizeof q);
            r |= (unsigned)(q & 1) << lane;
        }
    return r;
}
EMU_FN int emu_any(unsigned mask, int line, int p) { return emu_ballot(mask, line, p) != 0; }
EMU_FN int emu_all(unsigned mask, int line, int p) { return emu_ballot(mask, line, p) == mask; }

/* ---- shared memory ---- */
enum { EMU_GAP = 64 };
/* an array of the block: the one of that line, else the n-th that this thread declares */
EMU_CALL void *emu_shared(size_t size, int line = 0) {
    emu_thread *t = &emu.thread[emu.cur];
    int k = t->arrays;
    if (line) {
        for (k = 0; k < emu.arrays && !(emu.array[k].line == line && emu.array[k].size == size); k++) {
        }
    } else
        t->arrays++;
    if (k < emu.arrays && emu.array[k].size != size)
        emu_fail(size, "threads declare shared memory in different order");
    if (k >= emu.arrays) {
        size_t at = emu.used;
        if (emu.arrays == EMU_ARRAYS || at + size > EMU_ARENA - EMU_SHARED) {
            fprintf(stderr, "cuda_cpu.h: shared memory of a block is used up\n");
            abort();
        }
        k = emu.arrays++;
        emu.array[k].at = at, emu.array[k].size = size, emu.array[k].line = line;
        emu.used = at + ((size + 15) & ~(size_t)15) + EMU_GAP;
        const size_t all = emu.used - (size_t)emu.arrays * EMU_GAP;
        if (all > EMU_STATIC) emu_fail(size, "more than 48 KiB of static shared memory");
        if (emu.dynamic && all + emu.dynamic > emu.most_shared)
            emu_fail(size, "%zu bytes of static and %zu of dynamic shared memory: %zu are the most", all,
                     emu.dynamic, emu.most_shared);
    }
    return emu.arena + emu.array[k].at;
}
EMU_FN void *emu_dynamic(void) { return emu.arena + EMU_ARENA - ((emu.dynamic + 15) & ~(size_t)15); }

/* ---- blocks and grids ---- */
EMU_FN void emu_thread_done(int i) {
    emu_warp *w = &emu.warp[i >> 5];
    emu.thread[i].state = EMU_DONE;
    emu.alive--, emu.left++;
    w->live &= ~(1u << (i & 31));
    if (emu.arrived) {
        emu_fail((emu_u64)emu.line, "returns while %d threads wait at the barrier of line %d", emu.arrived,
                 emu.line);
        if (emu.arrived == emu.alive) emu_barrier_open();
    }
    for (int k = 0; k < w->groups; k++)
        if (w->group[k].arrived && w->group[k].mask >> (i & 31) & 1) {
            emu_fail((emu_u64)w->group[k].line, "returns while its warp waits for it in line %d",
                     w->group[k].line);
            if (w->group[k].arrived == (w->group[k].mask & w->live)) emu_group_open(w, i & ~31, &w->group[k]);
        }
}
EMU_RAW static void emu_fiber_main(void) {
    int me = emu.opening, i;
    while (emu.next < emu.n) {
        i = emu.order[emu.next++];
        emu_thread *t = &emu.thread[i];
        t->fiber = me, t->arrays = 0;
        emu.cur = i;
        threadIdx = t->ix;
        emu.call(emu.arg);
        emu_thread_done(emu.cur);
    }
    emu.free_list[emu.free_fibers++] = me; /* nobody opens it before it is left */
    i = emu_pick();
    emu_go(me, i < 0 ? -1 : emu.thread[i].fiber);
}
EMU_FN void emu_fibers_all_free(void) {
    emu.free_fibers = EMU_THREADS + 1;
    for (int i = 0; i <= EMU_THREADS; i++) emu.free_list[i] = EMU_THREADS - i;
}
static struct sigaction emu_old_segv;
EMU_RAW static void emu_segv(int number, siginfo_t *info, void *context);
EMU_FN void emu_begin(void) {
    if (emu.arena) return;
    const int rw = PROT_READ | PROT_WRITE, flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;
    emu.arena = (char *)mmap(NULL, EMU_ARENA + 4096, rw, flags, -1, 0);
    emu.stacks = (char *)mmap(NULL, (size_t)(EMU_THREADS + 1) * EMU_STACK, rw, flags, -1, 0);
    if (emu.arena == (char *)MAP_FAILED || emu.stacks == (char *)MAP_FAILED) {
        fprintf(stderr, "cuda_cpu.h: no memory\n");
        abort();
    }
    mprotect(emu.arena + EMU_ARENA, 4096, PROT_NONE);
    memset(emu.arena, 0xff, EMU_ARENA);
    for (int i = 0; i <= EMU_THREADS; i++) {
        emu.fiber[i].stack = emu.stacks + (size_t)i * EMU_STACK;
        mprotect(emu.fiber[i].stack, 4096, PROT_NONE);
    }
    emu_fibers_all_free();
    static char alternate[64 << 10];
    stack_t st;
    memset(&st, 0, sizeof st);
    st.ss_sp = alternate, st.ss_size = sizeof alternate;
    sigaltstack(&st, NULL);
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_sigaction = emu_segv;
    action.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER;
    sigaction(SIGSEGV, &action, &emu_old_segv);
}
EMU_FN void emu_block_begin(void) {
    if (emu.dirty) memset(emu.arena, 0xff, emu.dirty);
    if (emu.dynamic) memset(emu_dynamic(), 0xff, (emu.dynamic + 15) & ~(size_t)15);
    emu.next = emu.pos = emu.ready = emu.arrived = emu.left = emu.arrays = 0;
    emu.alive = emu.n, emu.used = 0, emu.epoch = 0;
    emu.serial++;
    for (int i = 0; i < (emu.n + 31) / 32; i++) {
        emu_warp *w = &emu.warp[i];
        w->live = emu.n - 32 * i < 32 ? (1u << (emu.n - 32 * i)) - 1 : 0xffffffffu;
        w->groups = 0, w->epoch = w->full = 0;
        if (w->parts) memset(w->met, 0, sizeof w->met);
        w->parts = 0;
    }
}
EMU_CALL void emu_block_end(void);
EMU_FN void emu_block_run(void) {
    emu_block_begin();
    emu_go(-1, emu_fiber_take());
    emu.dirty = emu.used > emu.dirty ? emu.used : emu.dirty;
    if (emu.alive) {
        int i = 0;
        while (emu.thread[i].state == EMU_DONE) i++;
        threadIdx = emu.thread[i].ix;
        emu_fail((emu_u64)emu.thread[i].line,
                 "never goes on: waits in line %d, %d threads are left, %d at a barrier", emu.thread[i].line,
                 emu.alive, emu.arrived);
        emu.failed = 719;
        emu_fibers_all_free();
    }
    emu_block_end();
}
EMU_FN emu_u64 emu_random(emu_u64 *state) {
    emu_u64 z = *state += 0x9e3779b97f4a7c15ull;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ull;
    z = (z ^ z >> 27) * 0x94d049bb133111ebull;
    return z ^ z >> 31;
}
EMU_FN void emu_threads_begin(dim3 b, emu_u64 *seed) {
    int n = (int)(b.x * b.y * b.z);
    emu.n = n;
    for (int i = 0; i < n; i++) {
        uint3 *ix = &emu.thread[i].ix;
        ix->x = (unsigned)i % b.x, ix->y = (unsigned)i / b.x % b.y, ix->z = (unsigned)i / (b.x * b.y);
        emu.order[i] = emu.order_kind == EMU_BACKWARD ? n - 1 - i : i;
    }
    if (emu.order_kind == EMU_SHUFFLED)
        for (int i = n - 1; i > 0; i--) {
            int k = (int)(emu_random(seed) % (emu_u64)(i + 1)), t = emu.order[i];
            emu.order[i] = emu.order[k], emu.order[k] = t;
        }
}
/* runs all blocks; 0 or the error that CUDA would give */
EMU_CALL int emu_grid(emu_body call, void *arg, const char *kernel, dim3 g, dim3 b, size_t dynamic) {
    emu_u64 total = (emu_u64)g.x * g.y * g.z, step = 1, seed = emu.order_seed + 77;
    static emu_u64 k, at, stride; /* as they are after the jump */
    emu_begin();
    memset(&emu.counts, 0, sizeof emu.counts);
    emu.call = call, emu.arg = arg, emu.kernel = kernel, emu.dynamic = dynamic;
    emu.failed = 0, emu.launch++;
    emu_threads_begin(b, &seed);
    gridDim = g, blockDim = b;
    if (emu.order_kind == EMU_SHUFFLED && total > 2)
        for (step = emu_random(&seed) % total | 1;; step += 2) { /* coprime to the number of blocks */
            emu_u64 p = step, q = total;
            while (q) {
                emu_u64 r = p % q;
                p = q, q = r;
            }
            if (p == 1) break;
        }
    emu.running = 1, stride = step;
    if (sigsetjmp(emu.out, 0) == 0)
        for (k = at = 0; k < total && !emu.failed; k = k + 1, at = (at + stride) % total) {
            emu_u64 i = emu.order_kind == EMU_BACKWARD ? total - 1 - k : at;
            emu.block = i;
            blockIdx.x = (unsigned)(i % g.x), blockIdx.y = (unsigned)(i / g.x % g.y);
            blockIdx.z = (unsigned)(i / ((emu_u64)g.x * g.y));
            emu_block_run();
            emu.counts.blocks++, emu.counts.threads += (emu_u64)emu.n;
        }
    else
        emu_fibers_all_free();
    emu.running = 0;
    emu_keep();
    return emu.failed;
}

/* ---- the runtime's types ---- */
#define EMU_ERRORS(X)                                                                                        \
    X(cudaSuccess, 0, "no error")                                                                            \
    X(cudaErrorInvalidValue, 1, "invalid argument")                                                          \
    X(cudaErrorMemoryAllocation, 2, "out of memory")                                                         \
    X(cudaErrorInitializationError, 3, "initialization error")                                               \
    X(cudaErrorInvalidConfiguration, 9, "invalid configuration argument")                                    \
    X(cudaErrorInvalidMemcpyDirection, 21, "invalid copy direction for memcpy")                              \
    X(cudaErrorInsufficientDriver, 35, "CUDA driver version is insufficient for CUDA runtime version")       \
    X(cudaErrorInvalidDeviceFunction, 98, "invalid device function")                                         \
    X(cudaErrorNoDevice, 100, "no CUDA-capable device is detected")                                          \
    X(cudaErrorInvalidDevice, 101, "invalid device ordinal")                                                 \
    X(cudaErrorNoKernelImageForDevice, 209, "no kernel image is available for execution on the device")      \
    X(cudaErrorECCUncorrectable, 214, "uncorrectable ECC error encountered")                                 \
    X(cudaErrorPeerAccessUnsupported, 217, "peer access is not supported between these two devices")         \
    X(cudaErrorInvalidResourceHandle, 400, "invalid resource handle")                                        \
    X(cudaErrorIllegalState, 401, "the operation cannot be performed in the present state")                  \
    X(cudaErrorNotReady, 600, "device not ready")                                                            \
    X(cudaErrorIllegalAddress, 700, "an illegal memory access was encountered")                              \
    X(cudaErrorLaunchOutOfResources, 701, "too many resources requested for launch")                         \
    X(cudaErrorLaunchTimeout, 702, "the launch timed out and was terminated")                                \
    X(cudaErrorPeerAccessAlreadyEnabled, 704, "peer access is already enabled")                              \
    X(cudaErrorPeerAccessNotEnabled, 705, "peer access has not been enabled")                                \
    X(cudaErrorHostMemoryAlreadyRegistered, 712,                                                             \
      "part or all of the requested memory range is already mapped")                                         \
    X(cudaErrorHostMemoryNotRegistered, 713, "pointer does not correspond to a registered memory region")    \
    X(cudaErrorHardwareStackError, 714, "hardware stack error")                                              \
    X(cudaErrorIllegalInstruction, 715, "an illegal instruction was encountered")                            \
    X(cudaErrorMisalignedAddress, 716, "misaligned address")                                                 \
    X(cudaErrorInvalidAddressSpace, 717, "operation not supported on global/shared address space")           \
    X(cudaErrorInvalidPc, 718, "invalid program counter")                                                    \
    X(cudaErrorLaunchFailure, 719, "unspecified launch failure")                                             \
    X(cudaErrorNotPermitted, 800, "operation not permitted")                                                 \
    X(cudaErrorNotSupported, 801, "operation not supported")                                                 \
    X(cudaErrorStreamCaptureUnsupported, 900, "operation not permitted when stream is capturing")            \
    X(cudaErrorStreamCaptureInvalidated, 901, "operation failed due to a previous error during capture")     \
    X(cudaErrorStreamCaptureMerge, 902, "operation would result in a merge of separate capture sequences")   \
    X(cudaErrorStreamCaptureUnmatched, 903, "capture was not ended in the same stream as it began")          \
    X(cudaErrorStreamCaptureUnjoined, 904, "capturing stream has unjoined work")                             \
    X(cudaErrorStreamCaptureIsolation, 905, "dependency created on uncaptured work in another stream")       \
    X(cudaErrorStreamCaptureImplicit, 906,                                                                   \
      "operation would make the legacy stream depend on a capturing stream")                                 \
    X(cudaErrorCapturedEvent, 907,                                                                           \
      "operation not permitted on an event last recorded in a capturing stream")                             \
    X(cudaErrorUnknown, 999, "unknown error")
#define EMU_X(name, number, words) name = number,
typedef enum cudaError { EMU_ERRORS(EMU_X) } cudaError_t;
#undef EMU_X
typedef struct CUstream_st *cudaStream_t;
typedef struct CUevent_st *cudaEvent_t;
typedef struct CUgraph_st *cudaGraph_t;
typedef struct CUgraphExec_st *cudaGraphExec_t;
typedef struct CUgraphNode_st *cudaGraphNode_t;
typedef struct CUmemPoolHandle_st *cudaMemPool_t;
typedef void (*cudaHostFn_t)(void *);
#define cudaStreamLegacy ((cudaStream_t)(uintptr_t)1)
#define cudaStreamPerThread ((cudaStream_t)(uintptr_t)2)
#define CUDART_VERSION 13000
enum { cudaStreamDefault = 0, cudaStreamNonBlocking = 1 };
enum { cudaEventDefault = 0, cudaEventBlockingSync = 1, cudaEventDisableTiming = 2 };
enum {
    cudaHostAllocDefault = 0,
    cudaHostAllocPortable = 1,
    cudaHostAllocMapped = 2,
    cudaHostAllocWriteCombined = 4
};
enum {
    cudaHostRegisterDefault = 0,
    cudaHostRegisterPortable = 1,
    cudaHostRegisterMapped = 2,
    cudaHostRegisterReadOnly = 8
};
enum cudaMemcpyKind {
    cudaMemcpyHostToHost = 0,
    cudaMemcpyHostToDevice,
    cudaMemcpyDeviceToHost,
    cudaMemcpyDeviceToDevice,
    cudaMemcpyDefault
};
enum cudaMemoryType {
    cudaMemoryTypeUnregistered = 0,
    cudaMemoryTypeHost = 1,
    cudaMemoryTypeDevice = 2,
    cudaMemoryTypeManaged = 3
};
struct cudaPointerAttributes {
    enum cudaMemoryType type;
    int device;
    void *devicePointer, *hostPointer;
};
enum cudaStreamCaptureMode {
    cudaStreamCaptureModeGlobal = 0,
    cudaStreamCaptureModeThreadLocal = 1,
    cudaStreamCaptureModeRelaxed = 2
};
enum cudaStreamCaptureStatus {
    cudaStreamCaptureStatusNone = 0,
    cudaStreamCaptureStatusActive = 1,
    cudaStreamCaptureStatusInvalidated = 2
};
enum cudaFuncAttribute {
    cudaFuncAttributeMaxDynamicSharedMemorySize = 8,
    cudaFuncAttributePreferredSharedMemoryCarveout = 9
};
enum cudaMemPoolAttr {
    cudaMemPoolReuseFollowEventDependencies = 1,
    cudaMemPoolReuseAllowOpportunistic = 2,
    cudaMemPoolReuseAllowInternalDependencies = 3,
    cudaMemPoolAttrReleaseThreshold = 4,
    cudaMemPoolAttrReservedMemCurrent = 5,
    cudaMemPoolAttrReservedMemHigh = 6,
    cudaMemPoolAttrUsedMemCurrent = 7,
    cudaMemPoolAttrUsedMemHigh = 8
};
struct cudaFuncAttributes {
    size_t sharedSizeBytes, constSizeBytes, localSizeBytes;
    int maxThreadsPerBlock, numRegs, ptxVersion, binaryVersion, cacheModeCA, maxDynamicSharedSizeBytes;
    int preferredShmemCarveout;
};
/* a machine like an H200, but for its few multiprocessors */
#define EMU_ATTRIBUTES(X)                                                                                    \
    X(MaxThreadsPerBlock, 1, 1024)                                                                           \
    X(MaxBlockDimX, 2, 1024)                                                                                 \
    X(MaxBlockDimY, 3, 1024)                                                                                 \
    X(MaxBlockDimZ, 4, 64)                                                                                   \
    X(MaxGridDimX, 5, 2147483647)                                                                            \
    X(MaxGridDimY, 6, 65535)                                                                                 \
    X(MaxGridDimZ, 7, 65535)                                                                                 \
    X(MaxSharedMemoryPerBlock, 8, EMU_STATIC)                                                                \
    X(TotalConstantMemory, 9, 65536)                                                                         \
    X(WarpSize, 10, 32)                                                                                      \
    X(MaxRegistersPerBlock, 12, 65536)                                                                       \
    X(ClockRate, 13, 1980000)                                                                                \
    X(TextureAlignment, 14, 512)                                                                             \
    X(MultiProcessorCount, 16, 4)                                                                            \
    X(Integrated, 18, 0)                                                                                     \
    X(CanMapHostMemory, 19, 1)                                                                               \
    X(ComputeMode, 20, 0)                                                                                    \
    X(ConcurrentKernels, 31, 1)                                                                              \
    X(EccEnabled, 32, 1)                                                                                     \
    X(MemoryClockRate, 36, 3201000)                                                                          \
    X(GlobalMemoryBusWidth, 37, 6144)                                                                        \
    X(L2CacheSize, 38, 62914560)                                                                             \
    X(MaxThreadsPerMultiProcessor, 39, 2048)                                                                 \
    X(AsyncEngineCount, 40, 3)                                                                               \
    X(UnifiedAddressing, 41, 1)                                                                              \
    X(ComputeCapabilityMajor, 75, 9)                                                                         \
    X(ComputeCapabilityMinor, 76, 0)                                                                         \
    X(MaxSharedMemoryPerMultiprocessor, 81, 228 << 10)                                                       \
    X(MaxRegistersPerMultiprocessor, 82, 65536)                                                              \
    X(ManagedMemory, 83, 1)                                                                                  \
    X(PageableMemoryAccess, 88, 0)                                                                           \
    X(MaxSharedMemoryPerBlockOptin, 97, EMU_SHARED)                                                          \
    X(MaxBlocksPerMultiprocessor, 106, 32)                                                                   \
    X(ReservedSharedMemoryPerBlock, 111, 1024)                                                               \
    X(MemoryPoolsSupported, 115, 1)
#define EMU_X(name, number, value) cudaDevAttr##name = number,
enum cudaDeviceAttr { EMU_ATTRIBUTES(EMU_X) };
#undef EMU_X
struct cudaDeviceProp {
    char name[256];
    size_t totalGlobalMem, sharedMemPerBlock, sharedMemPerBlockOptin;
    int major, minor, multiProcessorCount, warpSize, l2CacheSize, regsPerBlock, maxThreadsPerBlock;
};

/* ---- device memory ---- */
enum { EMU_DEVICES = 8, EMU_PAGE = 4096 };
static const emu_u64 EMU_RANGE = 64ull << 30;
struct emu_cell;
struct emu_alloc {
    char *p, *page;
    size_t size, pages; /* bytes asked for; bytes of whole pages, without the guard */
    int device, live, freeing;
    emu_cell *cells; /* check build: one a word, from p on */
};
struct emu_pinned {
    char *p;
    size_t size;
    int registered, alive;
};
static struct {
    emu_alloc *alloc; /* [0] is none */
    uint32_t *owner;  /* of each page of the range: index into alloc */
    int allocs, room;
    emu_u64 at;
    int wrapped;
    size_t used[EMU_DEVICES], limit;
    emu_pinned *pinned;
    int pins, pin_room;
} emu_mem;
EMU_FN void *emu_must(void *p) {
    if (p && p != MAP_FAILED) return p;
    fprintf(stderr, "cuda_cpu.h: no memory\n");
    abort();
}
EMU_FN void emu_mem_begin(void) {
    if (emu.range) return;
    const int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;
    emu.range = (char *)emu_must(mmap(NULL, EMU_RANGE, PROT_NONE, flags, -1, 0));
    emu_mem.owner =
        (uint32_t *)emu_must(mmap(NULL, EMU_RANGE / EMU_PAGE * 4, PROT_READ | PROT_WRITE, flags, -1, 0));
    emu_mem.at = EMU_PAGE;
    emu_mem.allocs = 1;
}
/* the allocation, living or dead, that the page of p belongs to */
EMU_FN emu_alloc *emu_owner(const void *p) {
    emu_u64 at = (emu_u64)((const char *)p - emu.range);
    if (!emu.range || at >= EMU_RANGE || !emu_mem.owner[at / EMU_PAGE]) return NULL;
    return &emu_mem.alloc[emu_mem.owner[at / EMU_PAGE]];
}
EMU_FN int emu_in_range(const void *p) {
    return emu.range && (emu_u64)((const char *)p - emu.range) < EMU_RANGE;
}
/* n bytes from p on lie in one living allocation */
EMU_FN emu_alloc *emu_device_bytes(const void *p, size_t n) {
    emu_alloc *a = emu_owner(p);
    if (!a || !a->live || (const char *)p < a->p || (size_t)((const char *)p - a->p) > a->size) return NULL;
    return n <= a->size - (size_t)((const char *)p - a->p) ? a : NULL;
}
EMU_FN emu_u64 emu_place_for(size_t bytes) {
    for (int turns = 0; turns < 2;) {
        emu_u64 at = emu_mem.at, busy = 0;
        if (at + bytes > EMU_RANGE) {
            emu_mem.at = EMU_PAGE, emu_mem.wrapped = 1, turns++;
            continue;
        }
        if (emu_mem.wrapped)
            for (emu_u64 k = 0; k < bytes && !busy; k += EMU_PAGE) {
                uint32_t id = emu_mem.owner[(at + k) / EMU_PAGE];
                if (id && emu_mem.alloc[id].live) busy = at + k + EMU_PAGE;
            }
        emu_mem.at = busy ? busy : at + bytes;
        if (!busy) return at;
    }
    return 0;
}
EMU_FN char *emu_alloc_new(size_t size, int device) {
    emu_mem_begin();
    size_t limit = emu_mem.limit ? emu_mem.limit : (size_t)16 << 30;
    size_t room = (size + 255) & ~(size_t)255, pages = (room + EMU_PAGE - 1) & ~(size_t)(EMU_PAGE - 1);
    if (emu.fail_alloc && !--emu.fail_alloc) return NULL;
    if (size > limit || room > limit - emu_mem.used[device]) return NULL;
    emu_u64 at = emu_place_for(pages + EMU_PAGE);
    if (!at) return NULL;
    if (emu_mem.allocs == emu_mem.room || !emu_mem.room) {
        emu_mem.room = emu_mem.room ? 2 * emu_mem.room : 256;
        emu_mem.alloc =
            (emu_alloc *)emu_must(realloc(emu_mem.alloc, (size_t)emu_mem.room * sizeof(emu_alloc)));
    }
    emu_alloc *a = &emu_mem.alloc[emu_mem.allocs];
    memset(a, 0, sizeof *a);
    a->page = emu.range + at, a->pages = pages, a->size = size;
    a->p = a->page + pages - room;
    a->device = device, a->live = 1;
    /* with the hooks the guard page stays open, so that all is reported */
    size_t open = pages + (EMU_CHECK ? EMU_PAGE : 0);
    if (mprotect(a->page, open, PROT_READ | PROT_WRITE)) return NULL;
    memset(a->page, 0xff, open);
    for (emu_u64 k = 0; k < pages + EMU_PAGE; k += EMU_PAGE)
        emu_mem.owner[(at + k) / EMU_PAGE] = (uint32_t)emu_mem.allocs;
    if (EMU_CHECK) a->cells = (emu_cell *)emu_must(calloc(room / 4, 64));
    emu_mem.used[device] += room;
    emu_mem.allocs++;
    return a->p;
}
EMU_FN int emu_is_ff(const char *p, const char *end) {
    while (p < end && *p == (char)0xff) p++;
    return p == end;
}
EMU_FN void emu_alloc_drop(emu_alloc *a) {
    size_t room = (a->size + 255) & ~(size_t)255;
    if (!emu_is_ff(a->page, a->p))
        emu_fail((emu_u64)(a->p - emu.range), "bytes before an allocation of %zu were overwritten", a->size);
    if (!emu_is_ff(a->p + a->size, a->page + a->pages + (EMU_CHECK ? EMU_PAGE : 0)))
        emu_fail((emu_u64)(a->p - emu.range), "bytes after an allocation of %zu were overwritten", a->size);
    madvise(a->page, a->pages + EMU_PAGE, MADV_DONTNEED);
    mprotect(a->page, a->pages + EMU_PAGE, PROT_NONE);
    emu_mem.used[a->device] -= room;
    free(a->cells);
    a->cells = NULL, a->live = 0;
}
EMU_FN emu_pinned *emu_pin_of(const void *p, size_t n) {
    for (int i = 0; i < emu_mem.pins; i++) {
        emu_pinned *q = &emu_mem.pinned[i];
        if (q->alive && (const char *)p >= q->p && (const char *)p + n <= q->p + q->size) return q;
    }
    return NULL;
}
EMU_FN void emu_pin(void *p, size_t n, int registered) {
    int i = 0;
    while (i < emu_mem.pins && emu_mem.pinned[i].alive) i++;
    if (i == emu_mem.pins) {
        if (emu_mem.pins == emu_mem.pin_room) {
            emu_mem.pin_room = emu_mem.pin_room ? 2 * emu_mem.pin_room : 64;
            emu_mem.pinned = (emu_pinned *)emu_must(
                realloc(emu_mem.pinned, (size_t)emu_mem.pin_room * sizeof(emu_pinned)));
        }
        emu_mem.pins++;
    }
    emu_mem.pinned[i].p = (char *)p, emu_mem.pinned[i].size = n;
    emu_mem.pinned[i].registered = registered, emu_mem.pinned[i].alive = 1;
}
EMU_RAW static void emu_segv(int number, siginfo_t *info, void *context) {
    const char *p = (const char *)info->si_addr;
    (void)context;
    if (emu.running) {
        int stack = p >= emu.stacks && p < emu.stacks + (size_t)(EMU_THREADS + 1) * EMU_STACK;
        int shared = p >= emu.arena && p < emu.arena + EMU_ARENA + 4096;
        if (stack || shared || emu_in_range(p)) {
            emu_alloc *a = emu_owner(p);
            if (stack)
                emu_fail(1, "a thread's stack of %d bytes overflows", EMU_STACK);
            else if (shared)
                emu_fail(2, "out of bounds: past the end of shared memory");
            else if (a && !a->live)
                emu_fail(3, "use of freed memory, %td bytes from the start of %zu", p - a->p, a->size);
            else if (a)
                emu_fail(4, "out of bounds: %td bytes from the start of %zu", p - a->p, a->size);
            else
                emu_fail(5, "out of bounds: no allocation is near");
            emu.failed = 700;
            siglongjmp(emu.out, 1);
        }
        if (!emu_pin_of(p, 1))
            fprintf(stderr, "cuda_cpu.h: %s, thread %d: fault at %p\n", emu.kernel, emu.cur, (const void *)p);
    }
    sigaction(number, &emu_old_segv, NULL);
}

/* ---- streams: queues that run when somebody waits ---- */
struct emu_op { /* what a queue or a graph holds; may run more than once */
    void (*run)(emu_op *);
    int refs, device;
};
struct emu_item {
    emu_item *next;
    emu_u64 seq;
    emu_op *op;
};
struct CUstream_st {
    emu_item *head, *tail;
    int device, blocking, legacy, mode, ops,
        joined; /* ops of this stream in the capture; how many others waited for */
    CUgraph_st *capture;
    CUstream_st *next;
};
struct CUevent_st {
    CUstream_st *stream;
    emu_u64 seq, done;
    int timing, ops, device;
    double time;
    CUgraph_st *capture;
    CUevent_st *next;
};
struct CUgraph_st {
    emu_op **node;
    int n, room, invalid, refs;
    CUstream_st *origin;
};
struct CUgraphExec_st {
    CUgraph_st *graph;
};
struct CUmemPoolHandle_st {
    emu_u64 threshold;
};
static struct {
    CUstream_st *streams, legacy[EMU_DEVICES], per_thread[EMU_DEVICES];
    CUevent_st *events;
    emu_u64 seq, waits;
    int device, devices, driver, set, live_graphs, live_execs, live_plans, captures;
    CUmemPoolHandle_st pool[EMU_DEVICES];
} emu_rt;
EMU_CALL cudaError_t emu_error(int e) { /* as every call of the runtime returns it */
    if (e && !emu.sticky) emu.last_error = e;
    return (cudaError_t)e;
}
extern "C" EMU_RAW emu_u64 emu_waits(void) { return emu_rt.waits; }
EMU_FN int emu_is_sticky(int e) { return e == 214 || e == 700 || e == 702 || (e >= 714 && e <= 719); }
extern "C" EMU_RAW void emu_raise(int e) {
    emu.last_error = e;
    if (emu_is_sticky(e)) emu.sticky = e;
}
extern "C" EMU_RAW void emu_fail_alloc(int n) { emu.fail_alloc = n; }
extern "C" EMU_RAW int emu_fail_call(int n, int error) {
    const int left = emu.fail_call;
    emu.fail_call = n, emu.fail_by = error;
    return left;
}
extern "C" EMU_RAW void emu_limit(size_t bytes) { emu_mem.limit = bytes; }
EMU_FN void emu_rt_begin(void) {
    if (emu_rt.set) return;
    emu_rt.set = 1, emu_rt.devices = 1, emu_rt.driver = 13000;
    for (int i = 0; i < EMU_DEVICES; i++) {
        emu_rt.legacy[i].device = emu_rt.per_thread[i].device = i;
        emu_rt.legacy[i].legacy = 1, emu_rt.per_thread[i].blocking = 1;
    }
}
extern "C" EMU_RAW void emu_device(int present, int driver) {
    emu_rt_begin();
    emu_rt.devices = present < EMU_DEVICES ? present : EMU_DEVICES, emu_rt.driver = driver;
    if (emu_rt.device >= emu_rt.devices) emu_rt.device = 0;
}
/* what stands in the way of any call */
EMU_FN int emu_gate(void) {
    emu_rt_begin();
    if (emu_rt.driver < CUDART_VERSION / 1000 * 1000 - 1000) return cudaErrorInsufficientDriver;
    if (emu_rt.devices < 1) return cudaErrorNoDevice;
    return emu.sticky;
}
/* the same of calls that emu_fail_call counts */
EMU_FN int emu_may(void) {
    int gate = emu_gate();
    if (gate || !emu.fail_call || --emu.fail_call) return gate;
    if (emu_is_sticky(emu.fail_by)) emu.sticky = emu.last_error = emu.fail_by;
    return emu.fail_by;
}
#define EMU_ENTER_BY(gate)                                                                                   \
    do {                                                                                                     \
        int gate_ = gate;                                                                                    \
        if (gate_) return emu_error(gate_);                                                                  \
    } while (0)
#define EMU_ENTER() EMU_ENTER_BY(emu_may())
#define EMU_RELEASE() EMU_ENTER_BY(emu_gate()) /* of calls that free or end */
/* calls that may not be made while a stream captures: they break the capture */
EMU_FN int emu_unsafe(void) {
    int bad = 0;
    if (!emu_rt.captures) return 0;
    for (CUstream_st *s = emu_rt.streams; s; s = s->next)
        if (s->capture && s->capture->origin->mode != cudaStreamCaptureModeRelaxed)
            s->capture->invalid = bad = 1;
    return bad ? cudaErrorStreamCaptureUnsupported : 0;
}
/* what includes streams that capture, a device or its default stream, is neither waited for nor asked, whatever
   the mode */
EMU_FN int emu_captured(int device, int blocking) {
    int bad = 0;
    for (CUstream_st *s = emu_rt.captures ? emu_rt.streams : NULL; s; s = s->next)
        if (s->capture && s->device == device && (s->blocking || !blocking)) s->capture->invalid = bad = 1;
    return bad ? blocking ? cudaErrorStreamCaptureImplicit : cudaErrorStreamCaptureUnsupported : 0;
}
EMU_FN int emu_safe(int gate) { return gate ? gate : emu_unsafe(); }
#define EMU_ENTER_SAFE() EMU_ENTER_BY(emu_safe(emu_may()))
#define EMU_RELEASE_SAFE() EMU_ENTER_BY(emu_safe(emu_gate()))
EMU_FN CUstream_st *emu_stream(cudaStream_t s) {
    if (!s || s == cudaStreamLegacy) return &emu_rt.legacy[emu_rt.device];
    if (s == cudaStreamPerThread) return &emu_rt.per_thread[emu_rt.device];
    for (CUstream_st *k = emu_rt.streams; k; k = k->next)
        if (k == s) return k;
    return NULL;
}
EMU_FN void emu_op_free(emu_op *op) {
    if (--op->refs == 0) free(op);
}
/* a stream's work up to seq; what other streams must have done first, runs first */
EMU_RAW static void emu_drain(CUstream_st *s, emu_u64 seq) {
    while (s->head && s->head->seq <= seq) {
        emu_item *item = s->head;
        emu_u64 mine = item->seq;
        if (s->legacy) {
            for (CUstream_st *k = emu_rt.streams; k; k = k->next)
                if (k->blocking && k->device == s->device) emu_drain(k, mine - 1);
            emu_drain(&emu_rt.per_thread[s->device], mine - 1);
        } else if (s->blocking)
            emu_drain(&emu_rt.legacy[s->device], mine - 1);
        if (s->head != item) continue;
        s->head = item->next;
        if (!s->head) s->tail = NULL;
        emu.device = s->device;
        if (!emu.sticky) item->op->run(item->op);
        emu_op_free(item->op);
        free(item);
    }
}
EMU_FN void emu_drain_all(void) {
    for (int i = 0; i < EMU_DEVICES; i++) {
        emu_drain(&emu_rt.legacy[i], ~0ull);
        emu_drain(&emu_rt.per_thread[i], ~0ull);
    }
    for (CUstream_st *k = emu_rt.streams; k; k = k->next) emu_drain(k, ~0ull);
}
extern "C" EMU_RAW int emu_pending(void) {
    int n = 0;
    CUstream_st *lists[3] = {emu_rt.streams, NULL, NULL};
    for (CUstream_st *k = lists[0]; k; k = k->next)
        for (emu_item *i = k->head; i; i = i->next) n++;
    for (int d = 0; d < EMU_DEVICES; d++) {
        for (emu_item *i = emu_rt.legacy[d].head; i; i = i->next) n++;
        for (emu_item *i = emu_rt.per_thread[d].head; i; i = i->next) n++;
    }
    return n;
}
EMU_FN void *emu_op_new(size_t size, void (*run)(emu_op *)) {
    emu_op *op = (emu_op *)emu_must(calloc(1, size));
    op->run = run, op->refs = 1;
    return op;
}
/* takes op over */
EMU_CALL cudaError_t emu_enqueue(CUstream_st *s, emu_op *op) {
    if (s->capture) {
        CUgraph_st *g = s->capture;
        if (g->n == g->room) {
            g->room = g->room ? 2 * g->room : 16;
            g->node = (emu_op **)emu_must(realloc(g->node, (size_t)g->room * sizeof *g->node));
        }
        g->node[g->n++] = op;
        s->ops++;
        return cudaSuccess;
    }
    if (s->legacy && emu_captured(s->device, 1)) {
        emu_op_free(op);
        return emu_error(cudaErrorStreamCaptureImplicit);
    }
    emu_item *item = (emu_item *)emu_must(calloc(1, sizeof *item));
    item->op = op, item->seq = ++emu_rt.seq;
    if (s->tail)
        s->tail->next = item;
    else
        s->head = item;
    s->tail = item;
    return cudaSuccess;
}

/* ---- launches ---- */
struct emu_launch_op {
    emu_op op;
    dim3 g, b;
    size_t dynamic, most_shared;
    const char *kernel;
    emu_body call;
};
template <class... P> struct emu_args;
template <> struct emu_args<> {};
template <class H, class... T> struct emu_args<H, T...> {
    H head;
    emu_args<T...> tail;
    template <class A, class... B> EMU_RAW emu_args(A a, B... b) : head(static_cast<H>(a)), tail(b...) {}
};
template <class K, class... U> EMU_FN void emu_apply(K k, emu_args<> &, U &...u) { k(u...); }
template <class K, class H, class... T, class... U>
EMU_FN void emu_apply(K k, emu_args<H, T...> &a, U &...u) {
    emu_apply(k, a.tail, u..., a.head);
}
template <class... P> struct emu_closure {
    emu_launch_op l;
    void (*k)(P...);
    emu_args<P...> a; /* converted once, as CUDA does */
    template <class... A> EMU_RAW emu_closure(void (*kernel)(P...), A... args) : k(kernel), a(args...) {}
    EMU_RAW static void call(void *v) {
        emu_closure *c = static_cast<emu_closure *>(v);
        emu_apply(c->k, c->a);
    }
};
EMU_CALL void emu_launch_run(emu_op *op) {
    emu_launch_op *l = (emu_launch_op *)(void *)op;
    emu.most_shared = l->most_shared;
    int e = emu_grid(l->call, l, l->kernel, l->g, l->b, l->dynamic);
    if (e) emu.last_error = emu.sticky = e;
}
static struct {
    const void *kernel;
    int device;
    size_t bytes;
} emu_optin[64]; /* kernels that may, on a device, have more than 48 KiB of dynamic shared memory */
EMU_FN const void *emu_address(void (*k)(void)) {
    const void *p;
    memcpy(&p, &k, sizeof p);
    return p;
}
EMU_FN size_t emu_optin_of(const void *kernel) {
    for (int i = 0; i < 64; i++)
        if (emu_optin[i].kernel == kernel && emu_optin[i].device == emu_rt.device) return emu_optin[i].bytes;
    return EMU_STATIC;
}
EMU_FN cudaError_t emu_launch_check(const void *k, dim3 g, dim3 b, size_t dynamic, CUstream_st *s) {
    emu_u64 threads = (emu_u64)b.x * b.y * b.z;
    EMU_ENTER();
    if (!s || s->device != emu_rt.device) return emu_error(cudaErrorInvalidResourceHandle);
    if (!threads || threads > EMU_THREADS || b.z > 64 || b.x > 1024 || b.y > 1024 || !g.x || !g.y || !g.z ||
        g.x > INT_MAX || g.y > 65535 || g.z > 65535)
        return emu_error(cudaErrorInvalidConfiguration);
    if (dynamic > emu_optin_of(k)) return emu_error(cudaErrorInvalidValue);
    return cudaSuccess;
}
static const char *emu_kernel_name; /* of the next launch */
EMU_FN void emu_named(const char *name) { emu_kernel_name = name; }
template <class... P, class... A>
EMU_FN void emu_launch(void (*k)(P...), dim3 g, dim3 b, size_t dynamic, cudaStream_t stream, A... a) {
    static_assert(sizeof...(P) == sizeof...(A), "a kernel is given another number of parameters than it has");
    static_assert(sizeof(emu_args<P...>) <= 4096, "before CUDA 12.1 parameters are 4096 bytes at most");
    const char *name = emu_kernel_name;
    CUstream_st *s;
    emu_kernel_name = NULL;
    emu_rt_begin();
    s = emu_stream(stream);
    if (emu_launch_check(emu_address((void (*)(void))k), g, b, dynamic, s)) return;
    void *room = emu_must(calloc(1, sizeof(emu_closure<P...>)));
    emu_closure<P...> *c = ::new (room) emu_closure<P...>(k, a...);
    c->l.op.run = emu_launch_run, c->l.op.refs = 1;
    c->l.g = g, c->l.b = b, c->l.dynamic = dynamic, c->l.kernel = name, c->l.call = emu_closure<P...>::call;
    c->l.most_shared = dynamic > EMU_STATIC ? (size_t)EMU_SHARED : (size_t)EMU_STATIC;
    emu_enqueue(s, &c->l.op);
}

/* ---- calls: errors, devices ---- */
#define EMU_RT EMU_CALL
EMU_RT cudaError_t cudaGetLastError(void) {
    int e = emu_gate();
    if (!e) e = emu.last_error, emu.last_error = 0;
    return (cudaError_t)e;
}
EMU_RT cudaError_t cudaPeekAtLastError(void) {
    int e = emu_gate();
    return (cudaError_t)(e ? e : emu.last_error);
}
EMU_RT const char *cudaGetErrorName(cudaError_t e) {
    switch ((int)e) {
#define EMU_X(name, number, words)                                                                           \
    case number: return #name;
        EMU_ERRORS(EMU_X)
#undef EMU_X
    }
    return "unrecognized error code";
}
EMU_RT const char *cudaGetErrorString(cudaError_t e) {
    switch ((int)e) {
#define EMU_X(name, number, words)                                                                           \
    case number: return words;
        EMU_ERRORS(EMU_X)
#undef EMU_X
    }
    return "unrecognized error code";
}
EMU_RT cudaError_t cudaDriverGetVersion(int *v) {
    emu_rt_begin();
    *v = emu_rt.driver;
    return cudaSuccess;
}
EMU_RT cudaError_t cudaRuntimeGetVersion(int *v) {
    *v = CUDART_VERSION;
    return cudaSuccess;
}
EMU_RT cudaError_t cudaGetDeviceCount(int *n) {
    *n = 0;
    EMU_ENTER();
    *n = emu_rt.devices;
    return cudaSuccess;
}
EMU_RT cudaError_t cudaGetDevice(int *d) {
    EMU_ENTER();
    *d = emu_rt.device;
    return cudaSuccess;
}
EMU_RT cudaError_t cudaSetDevice(int d) {
    EMU_ENTER();
    if (d < 0 || d >= emu_rt.devices) return emu_error(cudaErrorInvalidDevice);
    emu_rt.device = d;
    return cudaSuccess;
}
EMU_RT cudaError_t cudaDeviceGetAttribute(int *v, cudaDeviceAttr a, int d) {
    EMU_ENTER();
    if (d < 0 || d >= emu_rt.devices) return emu_error(cudaErrorInvalidDevice);
    switch ((int)a) {
#define EMU_X(name, number, value)                                                                           \
    case number: *v = value; return cudaSuccess;
        EMU_ATTRIBUTES(EMU_X)
#undef EMU_X
    }
    return emu_error(cudaErrorInvalidValue);
}
EMU_FN size_t emu_total(void) { return emu_mem.limit ? emu_mem.limit : (size_t)16 << 30; }
EMU_RT cudaError_t cudaGetDeviceProperties(cudaDeviceProp *p, int d) {
    EMU_ENTER();
    if (d < 0 || d >= emu_rt.devices) return emu_error(cudaErrorInvalidDevice);
    memset(p, 0, sizeof *p);
    strcpy(p->name, "emulation on a CPU");
    p->totalGlobalMem = emu_total(), p->sharedMemPerBlock = EMU_STATIC,
    p->sharedMemPerBlockOptin = EMU_SHARED;
    p->major = 9, p->multiProcessorCount = 4, p->warpSize = 32, p->l2CacheSize = 62914560,
    p->regsPerBlock = 65536;
    p->maxThreadsPerBlock = EMU_THREADS;
    return cudaSuccess;
}
EMU_RT cudaError_t cudaMemGetInfo(size_t *available, size_t *total) {
    EMU_ENTER();
    *total = emu_total();
    *available = emu_mem.used[emu_rt.device] < *total ? *total - emu_mem.used[emu_rt.device] : 0;
    return cudaSuccess;
}
EMU_RT cudaError_t cudaDeviceSynchronize(void) {
    EMU_ENTER_SAFE();
    if (emu_captured(emu_rt.device, 0)) return emu_error(cudaErrorStreamCaptureUnsupported);
    emu_rt.waits++;
    emu_drain_all();
    return emu_error(emu.sticky);
}
EMU_RT cudaError_t cudaDeviceCanAccessPeer(int *can, int d, int peer) {
    EMU_ENTER();
    if (d < 0 || d >= emu_rt.devices || peer < 0 || peer >= emu_rt.devices)
        return emu_error(cudaErrorInvalidDevice);
    *can = 0; /* copies go, kernels see their own device alone */
    return cudaSuccess;
}
EMU_RT cudaError_t cudaDeviceEnablePeerAccess(int, unsigned) {
    return emu_error(cudaErrorPeerAccessUnsupported);
}
template <class F> EMU_FN cudaError_t cudaFuncSetAttribute(F *k, cudaFuncAttribute a, int value) {
    EMU_ENTER();
    if (a != cudaFuncAttributeMaxDynamicSharedMemorySize) return cudaSuccess;
    if (value < 0 || value > EMU_SHARED) return emu_error(cudaErrorInvalidValue);
    const void *p = emu_address((void (*)(void))k);
    for (int i = 0; i < 64; i++)
        if (!emu_optin[i].kernel || (emu_optin[i].kernel == p && emu_optin[i].device == emu_rt.device)) {
            emu_optin[i].kernel = p, emu_optin[i].device = emu_rt.device, emu_optin[i].bytes = (size_t)value;
            return cudaSuccess;
        }
    return emu_error(cudaErrorUnknown);
}
template <class F> EMU_FN cudaError_t cudaFuncGetAttributes(cudaFuncAttributes *a, F *k) {
    EMU_ENTER();
    memset(a, 0, sizeof *a);
    a->maxThreadsPerBlock = EMU_THREADS, a->numRegs = 32, a->ptxVersion = a->binaryVersion = 90;
    a->maxDynamicSharedSizeBytes = (int)emu_optin_of(emu_address((void (*)(void))k));
    return cudaSuccess;
}
template <class F>
EMU_FN cudaError_t cudaOccupancyMaxActiveBlocksPerMultiprocessor(int *n, F *, int block, size_t dynamic) {
    EMU_ENTER();
    if (block < 1 || block > EMU_THREADS) return emu_error(cudaErrorInvalidValue);
    int most = 2048 / ((block + 31) & ~31);
    if (dynamic && (size_t)most > (228 << 10) / (dynamic + 1024))
        most = (int)((228 << 10) / (dynamic + 1024));
    *n = most < 32 ? most : 32;
    return cudaSuccess;
}

/* ---- calls: memory ---- */
EMU_RT cudaError_t emu_malloc(void **p, size_t n) {
    EMU_ENTER_SAFE();
    if (!p) return emu_error(cudaErrorInvalidValue);
    *p = NULL;
    if (!n) return cudaSuccess;
    *p = emu_alloc_new(n, emu_rt.device);
    return *p ? cudaSuccess : emu_error(cudaErrorMemoryAllocation);
}
template <class T> EMU_CALL cudaError_t cudaMalloc(T **p, size_t n) {
    return emu_malloc((void **)(void *)p, n);
}
EMU_RT cudaError_t cudaFree(void *p) {
    EMU_RELEASE_SAFE();
    if (!p) return cudaSuccess;
    emu_alloc *a = emu_owner(p);
    if (!a || !a->live || a->freeing || a->p != p) return emu_error(cudaErrorInvalidValue);
    emu_drain_all();
    emu_alloc_drop(a);
    return emu_error(emu.sticky);
}
template <class T> EMU_CALL cudaError_t cudaMallocAsync(T **p, size_t n, cudaStream_t stream) {
    EMU_ENTER();
    CUstream_st *s = emu_stream(stream);
    if (!s) return emu_error(cudaErrorInvalidResourceHandle);
    if (s->capture) return emu_error((s->capture->invalid = 1, cudaErrorStreamCaptureUnsupported));
    *p = NULL;
    if (!n) return cudaSuccess;
    *p = (T *)(void *)emu_alloc_new(n, s->device);
    return *p ? cudaSuccess : emu_error(cudaErrorMemoryAllocation);
}
struct emu_free_op {
    emu_op op;
    void *p;
};
EMU_CALL void emu_free_run(emu_op *op) {
    emu_alloc *a = emu_owner(((emu_free_op *)(void *)op)->p);
    if (a && a->live) emu_alloc_drop(a);
}
EMU_RT cudaError_t cudaFreeAsync(void *p, cudaStream_t stream) {
    EMU_RELEASE();
    CUstream_st *s = emu_stream(stream);
    if (!s) return emu_error(cudaErrorInvalidResourceHandle);
    if (!p) return cudaSuccess;
    emu_alloc *a = emu_owner(p);
    if (!a || !a->live || a->freeing || a->p != p) return emu_error(cudaErrorInvalidValue);
    if (s->capture) return emu_error((s->capture->invalid = 1, cudaErrorStreamCaptureUnsupported));
    a->freeing = 1;
    emu_free_op *op = (emu_free_op *)emu_op_new(sizeof *op, emu_free_run);
    op->p = p;
    return emu_enqueue(s, &op->op);
}
EMU_RT cudaError_t emu_host_alloc(void **p, size_t n) {
    EMU_ENTER_SAFE();
    *p = NULL;
    if (!n) return cudaSuccess;
    if (emu.fail_alloc && !--emu.fail_alloc) return emu_error(cudaErrorMemoryAllocation);
    size_t bytes = (n + 4095) & ~(size_t)4095;
    char *q = (char *)mmap(NULL, bytes + 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (q == (char *)MAP_FAILED) return emu_error(cudaErrorMemoryAllocation);
    mprotect(q + bytes, 4096, PROT_NONE);
    memset(q, 0xff, bytes);
    emu_pin(q, n, 0);
    *p = q;
    return cudaSuccess;
}
template <class T> EMU_CALL cudaError_t cudaMallocHost(T **p, size_t n) {
    return emu_host_alloc((void **)(void *)p, n);
}
template <class T> EMU_CALL cudaError_t cudaHostAlloc(T **p, size_t n, unsigned) {
    return emu_host_alloc((void **)(void *)p, n);
}
EMU_RT cudaError_t cudaFreeHost(void *p) {
    EMU_RELEASE_SAFE();
    if (!p) return cudaSuccess;
    emu_pinned *q = emu_pin_of(p, 0);
    if (!q || q->p != p || q->registered) return emu_error(cudaErrorInvalidValue);
    if (!emu_is_ff(q->p + q->size, q->p + ((q->size + 4095) & ~(size_t)4095)))
        emu_fail((emu_u64)(uintptr_t)p, "bytes after a pinned allocation of %zu were overwritten", q->size);
    munmap(q->p, ((q->size + 4095) & ~(size_t)4095) + 4096);
    q->alive = 0;
    return cudaSuccess;
}
EMU_RT cudaError_t cudaHostRegister(void *p, size_t n, unsigned) {
    EMU_ENTER_SAFE();
    if (!p || !n || emu_in_range(p)) return emu_error(cudaErrorInvalidValue);
    if (emu_pin_of(p, 1)) return emu_error(cudaErrorHostMemoryAlreadyRegistered);
    emu_pin(p, n, 1);
    return cudaSuccess;
}
EMU_RT cudaError_t cudaHostUnregister(void *p) {
    EMU_RELEASE_SAFE();
    emu_pinned *q = emu_pin_of(p, 1);
    if (!q || q->p != p || !q->registered) return emu_error(cudaErrorHostMemoryNotRegistered);
    q->alive = 0;
    return cudaSuccess;
}
EMU_RT cudaError_t cudaHostGetDevicePointer(void **d, void *h, unsigned) {
    EMU_ENTER();
    if (!emu_pin_of(h, 1)) return emu_error(cudaErrorInvalidValue);
    *d = h;
    return cudaSuccess;
}
EMU_RT cudaError_t cudaPointerGetAttributes(cudaPointerAttributes *a, const void *p) {
    EMU_ENTER();
    emu_alloc *o = emu_owner(p);
    memset(a, 0, sizeof *a);
    a->type = cudaMemoryTypeUnregistered, a->device = -2;
    if (o && o->live && (const char *)p >= o->p && (const char *)p < o->p + o->size) {
        a->type = cudaMemoryTypeDevice, a->device = o->device;
        a->devicePointer = const_cast<void *>(p);
    } else if (emu_pin_of(p, 1)) {
        a->type = cudaMemoryTypeHost, a->device = emu_rt.device;
        a->devicePointer = a->hostPointer = const_cast<void *>(p);
    } else
        a->hostPointer = const_cast<void *>(p);
    return cudaSuccess;
}
EMU_CALL void emu_cells_set(const void *dst, size_t n, int written);
EMU_CALL void emu_cells_copy(const void *dst, const void *src, size_t n);
EMU_CALL int emu_cells_ready(const void *src, size_t n);
struct emu_copy_op {
    emu_op op;
    char *dst;
    const char *src;
    size_t n, rows, dpitch, spitch;
    int fill, pinned; /* fill -1: a copy, -2: as if never written; pinned: which of dst 1, src 2 */
};
EMU_CALL void emu_copy_run(emu_op *op) {
    emu_copy_op *c = (emu_copy_op *)(void *)op;
    for (size_t r = 0; r < c->rows && c->n; r++) {
        char *d = c->dst + r * c->dpitch;
        const char *s = c->src ? c->src + r * c->spitch : NULL;
        int dd = emu_in_range(d), ds = s && emu_in_range(s);
        if ((dd && !emu_device_bytes(d, c->n)) || (ds && !emu_device_bytes(s, c->n))) {
            emu_fail(10, "a copy or fill of %zu bytes runs after its memory was freed", c->n);
            emu.sticky = emu.last_error = cudaErrorIllegalAddress;
            return;
        }
        if ((c->pinned & 1 && !emu_pin_of(d, c->n)) || (c->pinned & 2 && !emu_pin_of(s, c->n))) {
            emu_fail(11, "a copy of %zu bytes runs after its pinned memory was freed", c->n);
            emu.sticky = emu.last_error = cudaErrorIllegalAddress;
            return;
        }
        if (c->fill == -1)
            memmove(d, s, c->n);
        else
            memset(d, c->fill < 0 ? 255 : c->fill, c->n);
        if (ds && !emu_cells_ready(s, c->n)) /* compute-sanitizer looks at the sources of all copies */
            emu_fail(12 + (c->n << 8) + (emu_u64)dd,
                     "%zu bytes that are copied to the %s hold some that nobody has written", c->n,
                     dd ? "device" : "host");
        if (dd && ds)
            emu_cells_copy(d, s, c->n);
        else if (dd)
            emu_cells_set(d, c->n, c->fill != -2);
    }
}
/* the rows' bytes fit where they go: 0, or the error */
EMU_FN int emu_copy_check(const void *p, size_t n, size_t pitch, size_t rows, int device) {
    if (!p) return cudaErrorInvalidValue;
    if (emu_in_range(p))
        return emu_device_bytes(p, (rows - 1) * pitch + n) && device ? 0 : cudaErrorInvalidValue;
    return device == 1 ? cudaErrorInvalidValue : 0;
}
EMU_CALL cudaError_t emu_copy(CUstream_st *s, void *dst, size_t dpitch, const void *src, size_t spitch,
                              size_t n, size_t rows, int kind) {
    static const signed char on[5][2] = {{0, 0}, {1, 0}, {0, 1}, {1, 1}, {2, 2}}; /* 2: either side */
    if (!s) return emu_error(cudaErrorInvalidResourceHandle);
    if (kind < 0 || kind > 4) return emu_error(cudaErrorInvalidMemcpyDirection);
    if (!n || !rows) return cudaSuccess;
    if (rows > 1 && (n > dpitch || n > spitch)) return emu_error(cudaErrorInvalidValue);
    int e = emu_copy_check(dst, n, dpitch, rows, on[kind][0]);
    if (!e) e = emu_copy_check(src, n, spitch, rows, on[kind][1]);
    if (e) return emu_error(e);
    int pageable = !emu_in_range(src) && !emu_pin_of(src, (rows - 1) * spitch + n);
    int to_pageable = !emu_in_range(dst) && !emu_pin_of(dst, (rows - 1) * dpitch + n);
    if (s->capture && (pageable || to_pageable))
        return emu_error((s->capture->invalid = 1, cudaErrorStreamCaptureUnsupported));
    /* pageable sources are staged in the call; pageable targets, stricter than CUDA, written when waited for
     */
    emu_copy_op *op = (emu_copy_op *)emu_op_new(sizeof *op + (pageable ? n * rows : 0), emu_copy_run);
    op->dst = (char *)dst, op->src = (const char *)src, op->n = n, op->rows = rows, op->fill = -1;
    op->dpitch = dpitch, op->spitch = spitch;
    op->pinned = (!emu_in_range(dst) && !to_pageable ? 1 : 0) | (!emu_in_range(src) && !pageable ? 2 : 0);
    if (pageable) {
        for (size_t r = 0; r < rows; r++) memcpy((char *)(op + 1) + r * n, op->src + r * spitch, n);
        op->src = (char *)(op + 1), op->spitch = n;
    }
    return emu_enqueue(s, &op->op);
}
EMU_RT cudaError_t cudaMemcpyAsync(void *dst, const void *src, size_t n, cudaMemcpyKind kind,
                                   cudaStream_t s = NULL) {
    EMU_ENTER();
    return emu_copy(emu_stream(s), dst, n, src, n, n, 1, kind);
}
EMU_RT cudaError_t cudaMemcpy2DAsync(void *dst, size_t dpitch, const void *src, size_t spitch, size_t n,
                                     size_t rows, cudaMemcpyKind kind, cudaStream_t s = NULL) {
    EMU_ENTER();
    return emu_copy(emu_stream(s), dst, dpitch, src, spitch, n, rows, kind);
}
EMU_RT cudaError_t cudaMemcpy(void *dst, const void *src, size_t n, cudaMemcpyKind kind) {
    EMU_ENTER_SAFE();
    cudaError_t e = emu_copy(emu_stream(NULL), dst, n, src, n, n, 1, kind);
    if (e) return e;
    emu_rt.waits++;
    emu_drain(emu_stream(NULL), ~0ull);
    return emu_error(emu.sticky);
}
EMU_RT cudaError_t cudaMemcpyPeerAsync(void *dst, int dd, const void *src, int sd, size_t n,
                                       cudaStream_t s = NULL) {
    EMU_ENTER();
    if (dd < 0 || dd >= emu_rt.devices || sd < 0 || sd >= emu_rt.devices)
        return emu_error(cudaErrorInvalidDevice);
    emu_alloc *a = emu_owner(dst), *b = emu_owner(src);
    if (n && (!a || !b || a->device != dd || b->device != sd)) return emu_error(cudaErrorInvalidValue);
    return emu_copy(emu_stream(s), dst, n, src, n, n, 1, cudaMemcpyDeviceToDevice);
}
EMU_RT cudaError_t cudaMemset2DAsync(void *dst, size_t pitch, int value, size_t n, size_t rows,
                                     cudaStream_t stream = NULL) {
    EMU_ENTER();
    CUstream_st *s = emu_stream(stream);
    if (!s) return emu_error(cudaErrorInvalidResourceHandle);
    if (!n || !rows) return cudaSuccess;
    if (emu_copy_check(dst, n, pitch, rows, 2) || !emu_in_range(dst) || (rows > 1 && n > pitch))
        return emu_error(cudaErrorInvalidValue);
    emu_copy_op *op = (emu_copy_op *)emu_op_new(sizeof *op, emu_copy_run);
    op->dst = (char *)dst, op->n = n, op->rows = rows, op->dpitch = pitch, op->fill = value & 255;
    return emu_enqueue(s, &op->op);
}
/* from here on the stream, device memory as it is after its allocation: what a program's own allocator gives
   again looks fresh */
EMU_FN void emu_stale(void *dst, size_t n, cudaStream_t stream) {
    CUstream_st *s = emu_stream(stream);
    if (!s || !n || !emu_in_range(dst) || emu_copy_check(dst, n, n, 1, 1)) return;
    emu_copy_op *op = (emu_copy_op *)emu_op_new(sizeof *op, emu_copy_run);
    op->dst = (char *)dst, op->n = n, op->rows = 1, op->dpitch = n, op->fill = -2;
    (void)emu_enqueue(s, &op->op);
}
EMU_RT cudaError_t cudaMemsetAsync(void *dst, int value, size_t n, cudaStream_t s = NULL) {
    return cudaMemset2DAsync(dst, n, value, n, 1, s);
}
EMU_RT cudaError_t cudaMemset(void *dst, int value, size_t n) {
    EMU_ENTER_SAFE();
    cudaError_t e = cudaMemsetAsync(dst, value, n, NULL);
    if (e) return e;
    emu_drain(emu_stream(NULL), ~0ull);
    return emu_error(emu.sticky);
}

/* ---- calls: streams, events ---- */
EMU_RT cudaError_t cudaStreamCreateWithFlags(cudaStream_t *s, unsigned flags) {
    EMU_ENTER();
    if (flags > 1) return emu_error(cudaErrorInvalidValue);
    CUstream_st *k = (CUstream_st *)emu_must(calloc(1, sizeof *k));
    k->device = emu_rt.device, k->blocking = flags == cudaStreamDefault;
    k->next = emu_rt.streams, emu_rt.streams = k;
    *s = k;
    return cudaSuccess;
}
EMU_RT cudaError_t cudaStreamCreate(cudaStream_t *s) {
    return cudaStreamCreateWithFlags(s, cudaStreamDefault);
}
EMU_RT cudaError_t cudaStreamCreateWithPriority(cudaStream_t *s, unsigned flags, int) {
    return cudaStreamCreateWithFlags(s, flags);
}
EMU_FN void emu_graph_drop(CUgraph_st *g) {
    if (!g || --g->refs) return;
    for (int i = 0; i < g->n; i++) emu_op_free(g->node[i]);
    free(g->node);
    free(g);
}
EMU_FN void emu_capture_end(CUgraph_st *g) {
    for (CUstream_st *k = emu_rt.streams; k; k = k->next)
        if (k->capture == g) k->capture = NULL, k->ops = k->joined = 0;
    for (CUevent_st *e = emu_rt.events; e; e = e->next)
        if (e->capture == g) e->capture = NULL;
    emu_rt.captures--;
}
EMU_RT cudaError_t cudaStreamDestroy(cudaStream_t s) {
    EMU_RELEASE();
    for (CUstream_st **k = &emu_rt.streams; *k; k = &(*k)->next)
        if (*k == s) {
            if (s->capture && s->capture->origin == s) {
                CUgraph_st *g = s->capture;
                emu_capture_end(g);
                emu_graph_drop(g);
            }
            emu_drain(s, ~0ull);
            for (CUevent_st *e = emu_rt.events; e; e = e->next)
                if (e->stream == s) e->stream = NULL, e->done = e->seq;
            *k = s->next;
            free(s);
            return emu_error(emu.sticky);
        }
    return emu_error(cudaErrorInvalidResourceHandle);
}
EMU_RT cudaError_t cudaStreamSynchronize(cudaStream_t stream) {
    EMU_ENTER();
    CUstream_st *s = emu_stream(stream);
    if (!s) return emu_error(cudaErrorInvalidResourceHandle);
    if (s->capture) return emu_error((s->capture->invalid = 1, cudaErrorStreamCaptureUnsupported));
    if (s->legacy && emu_captured(s->device, 1)) return emu_error(cudaErrorStreamCaptureImplicit);
    emu_rt.waits++;
    emu_drain(s, ~0ull);
    return emu_error(emu.sticky);
}
/* each question lets one operation run: loops that ask come to an end */
EMU_RT cudaError_t cudaStreamQuery(cudaStream_t stream) {
    EMU_ENTER();
    CUstream_st *s = emu_stream(stream);
    if (!s) return emu_error(cudaErrorInvalidResourceHandle);
    if (s->capture) return emu_error((s->capture->invalid = 1, cudaErrorStreamCaptureUnsupported));
    if (s->legacy && emu_captured(s->device, 1)) return emu_error(cudaErrorStreamCaptureImplicit);
    if (!s->head) return cudaSuccess;
    emu_drain(s, s->head->seq);
    return emu_error(emu.sticky ? emu.sticky : (int)cudaErrorNotReady);
}
EMU_RT cudaError_t cudaStreamGetDevice(cudaStream_t stream, int *device) {
    EMU_ENTER();
    CUstream_st *s = emu_stream(stream);
    if (!s) return emu_error(cudaErrorInvalidResourceHandle);
    *device = s->device;
    return cudaSuccess;
}
struct emu_call_op {
    emu_op op;
    cudaHostFn_t fn;
    void *user;
};
EMU_CALL void emu_call_run(emu_op *op) { ((emu_call_op *)(void *)op)->fn(((emu_call_op *)(void *)op)->user); }
EMU_RT cudaError_t cudaLaunchHostFunc(cudaStream_t stream, cudaHostFn_t fn, void *user) {
    EMU_ENTER();
    CUstream_st *s = emu_stream(stream);
    if (!s) return emu_error(cudaErrorInvalidResourceHandle);
    emu_call_op *op = (emu_call_op *)emu_op_new(sizeof *op, emu_call_run);
    op->fn = fn, op->user = user;
    return emu_enqueue(s, &op->op);
}
EMU_FN CUevent_st *emu_event(cudaEvent_t e) {
    for (CUevent_st *k = emu_rt.events; k; k = k->next)
        if (k == e) return k;
    return NULL;
}
EMU_RT cudaError_t cudaEventCreateWithFlags(cudaEvent_t *e, unsigned flags) {
    EMU_ENTER();
    CUevent_st *k = (CUevent_st *)emu_must(calloc(1, sizeof *k));
    k->timing = !(flags & cudaEventDisableTiming), k->device = emu_rt.device;
    k->next = emu_rt.events, emu_rt.events = k;
    *e = k;
    return cudaSuccess;
}
EMU_RT cudaError_t cudaEventCreate(cudaEvent_t *e) { return cudaEventCreateWithFlags(e, cudaEventDefault); }
EMU_RT cudaError_t cudaEventDestroy(cudaEvent_t e) {
    EMU_RELEASE();
    for (CUevent_st **k = &emu_rt.events; *k; k = &(*k)->next)
        if (*k == e) {
            *k = e->next;
            free(e);
            return cudaSuccess;
        }
    return emu_error(cudaErrorInvalidResourceHandle);
}
struct emu_event_op {
    emu_op op;
    CUevent_st *event;
    CUstream_st *stream;
    emu_u64 seq;
};
EMU_CALL void emu_record_run(emu_op *op) {
    emu_event_op *o = (emu_event_op *)(void *)op;
    CUevent_st *e = emu_event(o->event);
    struct timespec t;
    if (!e) return;
    clock_gettime(CLOCK_MONOTONIC, &t);
    e->time = 1e3 * (double)t.tv_sec + 1e-6 * (double)t.tv_nsec;
    if (o->seq > e->done) e->done = o->seq;
}
EMU_RT cudaError_t cudaEventRecord(cudaEvent_t event, cudaStream_t stream = NULL) {
    EMU_ENTER();
    CUstream_st *s = emu_stream(stream);
    CUevent_st *e = emu_event(event);
    if (!s || !e || e->device != s->device) return emu_error(cudaErrorInvalidResourceHandle);
    if (s->capture) {
        e->capture = s->capture, e->stream = s, e->ops = s->ops;
        return cudaSuccess;
    }
    emu_event_op *op = (emu_event_op *)emu_op_new(sizeof *op, emu_record_run);
    op->event = e, op->seq = emu_rt.seq + 1;
    cudaError_t err = emu_enqueue(s, &op->op);
    if (!err) e->capture = NULL, e->stream = s, e->seq = emu_rt.seq;
    return err;
}
EMU_FN int emu_stream_lives(const CUstream_st *s) {
    if (!s || s->legacy) return s != NULL;
    for (int i = 0; i < EMU_DEVICES; i++)
        if (s == &emu_rt.per_thread[i]) return 1;
    for (CUstream_st *k = emu_rt.streams; k; k = k->next)
        if (k == s) return 1;
    return 0;
}
EMU_CALL void emu_await_run(emu_op *op) {
    emu_event_op *o = (emu_event_op *)(void *)op;
    int device = emu.device;
    if (emu_stream_lives(o->stream)) emu_drain(o->stream, o->seq);
    emu.device = device;
}
EMU_RT cudaError_t cudaStreamWaitEvent(cudaStream_t stream, cudaEvent_t event, unsigned = 0) {
    EMU_ENTER();
    CUstream_st *s = emu_stream(stream);
    CUevent_st *e = emu_event(event);
    if (!s || !e) return emu_error(cudaErrorInvalidResourceHandle);
    if (e->capture) {
        if (s->capture && s->capture != e->capture) return emu_error(cudaErrorStreamCaptureMerge);
        if (s->legacy) return emu_error((e->capture->invalid = 1, cudaErrorStreamCaptureImplicit));
        s->capture = e->capture;
        if (e->stream != s) {
            s->ops++; /* something that must be joined again */
            if (e->stream && e->ops > e->stream->joined) e->stream->joined = e->ops;
        }
        return cudaSuccess;
    }
    if (s->capture) return emu_error((s->capture->invalid = 1, cudaErrorStreamCaptureIsolation));
    if (!e->stream || e->done >= e->seq || e->stream == s) return cudaSuccess;
    emu_event_op *op = (emu_event_op *)emu_op_new(sizeof *op, emu_await_run);
    op->stream = e->stream, op->seq = e->seq;
    return emu_enqueue(s, &op->op);
}
EMU_RT cudaError_t cudaEventSynchronize(cudaEvent_t event) {
    EMU_ENTER_SAFE();
    CUevent_st *e = emu_event(event);
    if (!e) return emu_error(cudaErrorInvalidResourceHandle);
    if (e->capture) return emu_error((e->capture->invalid = 1, cudaErrorCapturedEvent));
    if (e->stream && e->done < e->seq) emu_rt.waits++, emu_drain(e->stream, e->seq);
    return emu_error(emu.sticky);
}
EMU_RT cudaError_t cudaEventQuery(cudaEvent_t event) {
    EMU_ENTER_SAFE();
    CUevent_st *e = emu_event(event);
    if (!e) return emu_error(cudaErrorInvalidResourceHandle);
    if (e->capture) return emu_error((e->capture->invalid = 1, cudaErrorCapturedEvent));
    if (!e->stream || e->done >= e->seq) return cudaSuccess;
    if (e->stream->head) emu_drain(e->stream, e->stream->head->seq);
    return emu_error(emu.sticky ? emu.sticky : (int)cudaErrorNotReady);
}
EMU_RT cudaError_t cudaEventElapsedTime(float *ms, cudaEvent_t a, cudaEvent_t b) {
    EMU_ENTER();
    if (!emu_event(a) || !emu_event(b) || !a->timing || !b->timing || !a->seq || !b->seq)
        return emu_error(cudaErrorInvalidResourceHandle);
    if (a->done < a->seq || b->done < b->seq) return emu_error(cudaErrorNotReady);
    *ms = (float)(b->time - a->time);
    return cudaSuccess;
}

/* ---- calls: graphs, lists of what a capture would have queued ---- */
EMU_RT cudaError_t cudaStreamBeginCapture(cudaStream_t stream, cudaStreamCaptureMode mode) {
    EMU_ENTER();
    CUstream_st *s = emu_stream(stream);
    if (!s) return emu_error(cudaErrorInvalidResourceHandle);
    if (s->legacy) return emu_error(cudaErrorStreamCaptureUnsupported);
    if (s->capture) return emu_error(cudaErrorIllegalState);
    CUgraph_st *g = (CUgraph_st *)emu_must(calloc(1, sizeof *g));
    g->origin = s, g->refs = 1, s->capture = g, s->mode = mode, s->ops = s->joined = 0;
    emu_rt.captures++;
    return cudaSuccess;
}
EMU_RT cudaError_t cudaStreamEndCapture(cudaStream_t stream, cudaGraph_t *graph) {
    EMU_RELEASE();
    CUstream_st *s = emu_stream(stream);
    if (!s) return emu_error(cudaErrorInvalidResourceHandle);
    *graph = NULL;
    if (!s->capture) return emu_error(cudaErrorIllegalState);
    if (s->capture->origin != s) return emu_error((s->capture->invalid = 1, cudaErrorStreamCaptureUnmatched));
    CUgraph_st *g = s->capture;
    int e = g->invalid ? cudaErrorStreamCaptureInvalidated : 0;
    for (CUstream_st *k = emu_rt.streams; k; k = k->next)
        if (k->capture == g && k != s && k->ops > k->joined && !e) e = cudaErrorStreamCaptureUnjoined;
    emu_capture_end(g);
    if (e) {
        emu_graph_drop(g);
        return emu_error(e);
    }
    g->origin = NULL;
    emu_rt.live_graphs++;
    *graph = g;
    return cudaSuccess;
}
EMU_RT cudaError_t cudaStreamIsCapturing(cudaStream_t stream, cudaStreamCaptureStatus *status) {
    EMU_ENTER();
    CUstream_st *s = emu_stream(stream);
    if (!s) return emu_error(cudaErrorInvalidResourceHandle);
    for (CUstream_st *k = s->legacy ? emu_rt.streams : NULL; k; k = k->next) /* that capture goes on */
        if (k->capture && k->blocking && k->device == s->device)
            return emu_error(cudaErrorStreamCaptureImplicit);
    *status = !s->capture           ? cudaStreamCaptureStatusNone
              : s->capture->invalid ? cudaStreamCaptureStatusInvalidated
                                    : cudaStreamCaptureStatusActive;
    return cudaSuccess;
}
EMU_RT cudaError_t cudaGraphInstantiate(cudaGraphExec_t *exec, cudaGraph_t graph, unsigned long long = 0) {
    EMU_ENTER();
    if (!graph) return emu_error(cudaErrorInvalidValue);
    CUgraphExec_st *x = (CUgraphExec_st *)emu_must(calloc(1, sizeof *x));
    x->graph = graph, graph->refs++;
    emu_rt.live_execs++;
    *exec = x;
    return cudaSuccess;
}
EMU_RT cudaError_t cudaGraphInstantiateWithFlags(cudaGraphExec_t *exec, cudaGraph_t graph,
                                                 unsigned long long) {
    return cudaGraphInstantiate(exec, graph, 0);
}
struct emu_graph_op {
    emu_op op;
    CUgraph_st *graph;
};
EMU_CALL void emu_graph_run(emu_op *op) {
    CUgraph_st *g = ((emu_graph_op *)(void *)op)->graph;
    for (int i = 0; i < g->n && !emu.sticky; i++) g->node[i]->run(g->node[i]);
    emu_graph_drop(g);
}
EMU_RT cudaError_t cudaGraphLaunch(cudaGraphExec_t exec, cudaStream_t stream) {
    EMU_ENTER();
    CUstream_st *s = emu_stream(stream);
    if (!s || !exec) return emu_error(cudaErrorInvalidResourceHandle);
    if (s->capture) return emu_error((s->capture->invalid = 1, cudaErrorStreamCaptureUnsupported));
    emu_graph_op *op = (emu_graph_op *)emu_op_new(sizeof *op, emu_graph_run);
    op->graph = exec->graph, exec->graph->refs++;
    return emu_enqueue(s, &op->op);
}
EMU_RT cudaError_t cudaGraphGetNodes(cudaGraph_t graph, cudaGraphNode_t *, size_t *n) {
    EMU_ENTER();
    if (!graph) return emu_error(cudaErrorInvalidValue);
    *n = (size_t)graph->n;
    return cudaSuccess;
}
EMU_RT cudaError_t cudaGraphDestroy(cudaGraph_t graph) {
    EMU_RELEASE();
    if (!graph) return emu_error(cudaErrorInvalidValue);
    emu_rt.live_graphs--;
    emu_graph_drop(graph);
    return cudaSuccess;
}
EMU_RT cudaError_t cudaGraphExecDestroy(cudaGraphExec_t exec) {
    EMU_RELEASE();
    if (!exec) return emu_error(cudaErrorInvalidValue);
    emu_rt.live_execs--;
    emu_graph_drop(exec->graph);
    free(exec);
    return cudaSuccess;
}

/* ---- calls: pools, which do nothing ---- */
EMU_RT cudaError_t cudaDeviceGetDefaultMemPool(cudaMemPool_t *p, int d) {
    EMU_ENTER();
    if (d < 0 || d >= emu_rt.devices) return emu_error(cudaErrorInvalidDevice);
    *p = &emu_rt.pool[d];
    return cudaSuccess;
}
EMU_RT cudaError_t cudaDeviceGetMemPool(cudaMemPool_t *p, int d) { return cudaDeviceGetDefaultMemPool(p, d); }
EMU_RT cudaError_t cudaMemPoolSetAttribute(cudaMemPool_t p, cudaMemPoolAttr a, void *v) {
    EMU_ENTER_SAFE();
    if (!p || !v) return emu_error(cudaErrorInvalidValue);
    if (a == cudaMemPoolAttrReleaseThreshold) memcpy(&p->threshold, v, sizeof p->threshold);
    return cudaSuccess;
}
EMU_RT cudaError_t cudaMemPoolGetAttribute(cudaMemPool_t p, cudaMemPoolAttr a, void *v) {
    EMU_ENTER_SAFE();
    if (!p || !v) return emu_error(cudaErrorInvalidValue);
    if (a >= cudaMemPoolAttrReleaseThreshold) {
        emu_u64 n = a == cudaMemPoolAttrReleaseThreshold ? p->threshold : emu_mem.used[p - emu_rt.pool];
        memcpy(v, &n, sizeof n);
    } else
        memset(v, 0, sizeof(int));
    return cudaSuccess;
}
EMU_RT cudaError_t cudaMemPoolTrimTo(cudaMemPool_t p, size_t) {
    EMU_ENTER();
    return p ? cudaSuccess : emu_error(cudaErrorInvalidValue);
}

/* ---- the end ---- */
EMU_FN int emu_count_leaks(void) {
    int n = emu_rt.live_graphs + emu_rt.live_execs + emu_rt.live_plans;
    for (int i = 1; i < emu_mem.allocs; i++) n += emu_mem.alloc[i].live && !emu_mem.alloc[i].freeing;
    for (int i = 0; i < emu_mem.pins; i++) n += emu_mem.pinned[i].alive;
    for (CUstream_st *k = emu_rt.streams; k; k = k->next) n++;
    for (CUevent_st *k = emu_rt.events; k; k = k->next) n++;
    return n;
}
extern "C" EMU_RAW int emu_leaks(void) { return emu_count_leaks(); }
EMU_FN void emu_queue_empty(CUstream_st *s) {
    while (s->head) {
        emu_item *i = s->head;
        s->head = i->next;
        emu_op_free(i->op);
        free(i);
    }
    s->tail = NULL;
}
extern "C" EMU_RAW void emu_reset(void) {
    while (emu_rt.streams) {
        CUstream_st *s = emu_rt.streams;
        emu_queue_empty(s);
        emu_rt.streams = s->next;
        free(s);
    }
    while (emu_rt.events) {
        CUevent_st *e = emu_rt.events;
        emu_rt.events = e->next;
        free(e);
    }
    for (int i = 0; i < EMU_DEVICES; i++)
        emu_queue_empty(&emu_rt.legacy[i]), emu_queue_empty(&emu_rt.per_thread[i]);
    for (int i = 1; i < emu_mem.allocs; i++)
        if (emu_mem.alloc[i].live) emu_alloc_drop(&emu_mem.alloc[i]);
    for (int i = 0; i < emu_mem.pins; i++)
        if (emu_mem.pinned[i].alive && !emu_mem.pinned[i].registered)
            munmap(emu_mem.pinned[i].p, ((emu_mem.pinned[i].size + 4095) & ~(size_t)4095) + 4096);
    emu_mem.pins = 0, emu_mem.limit = 0;
    if (emu.range) {
        madvise(emu_mem.owner, EMU_RANGE / EMU_PAGE * 4, MADV_DONTNEED);
        emu_mem.allocs = 1, emu_mem.at = EMU_PAGE, emu_mem.wrapped = 0;
    }
    memset(&emu_rt, 0, sizeof emu_rt);
    memset(emu_optin, 0, sizeof emu_optin);
    emu.last_error = emu.sticky = emu.order_kind = emu.profiling = emu.fail_alloc = emu.fail_call = 0, emu.order_seed = 0;
    emu_forget();
}

/* ---- checks of every access ---- */
struct emu_cell { /* what is known of one word */
    emu_u64 key;  /* launch (shared memory: block) that all but `init` belongs to */
    unsigned w_block, r_block, w_epoch, r_epoch, w_warp, r_warp; /* epochs of the block and of the warp */
    unsigned r_lanes;                                            /* of the warp of r_thread, in r_epoch */
    unsigned short w_thread, r_thread;
    unsigned char init, w_mask, r_mask;  /* bytes */
    unsigned char atomic, blocks, warps; /* the write was; several blocks, warps have read */
};
static_assert(sizeof(emu_cell) <= 64, "room for a word's cell");
#if !EMU_CHECK
EMU_CALL void emu_cells_set(const void *, size_t, int) {}
EMU_CALL void emu_cells_copy(const void *, const void *, size_t) {}
EMU_CALL int emu_cells_ready(const void *, size_t) { return 1; }
EMU_CALL void emu_block_end(void) {}
template <class T> EMU_FN T emu_ld(const T *p) {
    T v;
    if ((uintptr_t)p % sizeof(T) == 0) return *p;
    emu_fail((emu_u64)sizeof(T), "misaligned load of %zu bytes", sizeof(T));
    memset(&v, 0xff, sizeof v);
    return v;
}
template <class T> EMU_FN void emu_st(T *p, const T &v) {
    if ((uintptr_t)p % sizeof(T) == 0)
        *p = v;
    else
        emu_fail((emu_u64)sizeof(T), "misaligned store of %zu bytes", sizeof(T));
}
EMU_FN void emu_zero(void *p, size_t n) { memset(p, 0, n); }
EMU_FN unsigned emu_atomic_add(unsigned *p, unsigned v) {
    unsigned old = *p;
    *p = old + v;
    return old;
}
#else
static emu_cell emu_shared_cells[EMU_ARENA / 4];
extern "C" const char __executable_start[] __attribute__((weak));
enum { EMU_READ = 0, EMU_WRITE = 1, EMU_ATOMIC = 2, EMU_LOOSE = 4 }; /* LOOSE: any alignment is meant */

EMU_FN int emu_mask(size_t at, size_t end) { /* a bit for each byte of the word of `at`, up to end */
    size_t last = (at | 3) + 1 < end ? 4 : ((end - 1) & 3) + 1;
    return (int)((1u << last) - 1) & ~(int)((1u << (at & 3)) - 1);
}
EMU_CALL void emu_cells_set(const void *dst, size_t n, int written) {
    emu_alloc *a = emu_owner(dst);
    size_t at, end;
    if (!a || !a->live || !n) return;
    at = (size_t)((const char *)dst - a->p), end = at + n;
    for (; at < end; at = (at | 3) + 1) {
        unsigned char *c = &a->cells[at / 4].init, m = (unsigned char)emu_mask(at, end);
        *c = (unsigned char)(written ? *c | m : *c & ~m);
    }
}
EMU_CALL int emu_cells_ready(const void *src, size_t n) {
    emu_alloc *a = emu_owner(src);
    size_t at, end;
    if (!a || !a->live || !n) return 1;
    at = (size_t)((const char *)src - a->p), end = at + n;
    for (; at < end; at = (at | 3) + 1)
        if (emu_mask(at, end) & ~a->cells[at / 4].init) return 0;
    return 1;
}
EMU_CALL void emu_cells_copy(const void *dst, const void *src, size_t n) {
    emu_alloc *a = emu_owner(dst), *b = emu_owner(src);
    if (!a || !b || !a->live || !b->live) return;
    size_t d = (size_t)((const char *)dst - a->p), s = (size_t)((const char *)src - b->p);
    if (!((d | s | n) & 3)) {
        for (size_t i = 0; i < n; i += 4) a->cells[(d + i) / 4].init = b->cells[(s + i) / 4].init;
        return;
    }
    for (size_t i = 0; i < n; i++) {
        unsigned char *c = &a->cells[(d + i) / 4].init, bit = (unsigned char)(1 << ((d + i) & 3));
        if (b->cells[(s + i) / 4].init >> ((s + i) & 3) & 1)
            *c = (unsigned char)(*c | bit);
        else
            *c = (unsigned char)(*c & ~bit);
    }
}
EMU_FN emu_u64 emu_pc(const void *pc) { return (emu_u64)((const char *)pc - __executable_start); }
/* the running thread and `other` have met in their warp since its epoch e */
EMU_FN int emu_met(int other, unsigned e) {
    const emu_warp *w = &emu.warp[emu.cur >> 5];
    return other >> 5 == emu.cur >> 5 && (w->full > e || (w->parts && w->met[other & 31][emu.cur & 31] > e));
}
EMU_FN int emu_met_all(const emu_cell *c) {
    if (c->warps || c->r_thread >> 5 != emu.cur >> 5) return 0;
    for (int lane = 0; lane < 32; lane++)
        if (c->r_lanes >> lane & 1 && lane != (emu.cur & 31) && !emu_met((emu.cur & ~31) + lane, c->r_warp))
            return 0;
    return 1;
}
EMU_FN void emu_cell_touch(emu_cell *c, emu_u64 key, int shared, int m, int what, const void *pc) {
    static const char *const memory[2] = {"device", "shared"};
    unsigned block = (unsigned)emu.block, warp = emu.warp[emu.cur >> 5].epoch;
    int write = what & (EMU_WRITE | EMU_ATOMIC), atomic = what & EMU_ATOMIC;
    if (c->key != key) {
        c->key = key, c->w_mask = c->r_mask = 0;
        if (shared) c->init = 0;
    }
    if ((!write || atomic) && m & ~c->init) {
        emu_fail((emu_u64)(uintptr_t)pc, "reads %s memory that nobody has written (at 0x%llx)",
                 memory[shared], emu_pc(pc));
        c->init |= (unsigned char)m;
    }
    if (c->w_mask & m && !(atomic && c->atomic)) {
        if (c->w_block != block)
            emu_fail((emu_u64)(uintptr_t)pc,
                     "%s device memory that block %u of this launch has written (at 0x%llx)",
                     write ? "writes" : "reads", c->w_block, emu_pc(pc));
        else if (c->w_thread != emu.cur && c->w_epoch == emu.epoch && !emu_met(c->w_thread, c->w_warp))
            emu_fail((emu_u64)(uintptr_t)pc, "race: %s %s memory that thread %d writes (at 0x%llx)",
                     write ? "writes" : "reads", memory[shared], c->w_thread, emu_pc(pc));
    }
    if (write && c->r_mask & m) {
        if (c->blocks || c->r_block != block)
            emu_fail((emu_u64)(uintptr_t)pc,
                     "writes device memory that block %u of this launch has read (at 0x%llx)", c->r_block,
                     emu_pc(pc));
        else if (c->r_epoch == emu.epoch && !emu_met_all(c) &&
                 (c->warps || c->r_thread >> 5 != emu.cur >> 5 || c->r_lanes & ~(1u << (emu.cur & 31))))
            emu_fail((emu_u64)(uintptr_t)pc, "race: writes %s memory that thread %d reads (at 0x%llx)",
                     memory[shared], c->r_thread, emu_pc(pc));
    }
    if (write) { /* one writer a word is kept: of bytes of several, the last */
        int same = c->w_block == block && c->w_thread == emu.cur && c->w_epoch == emu.epoch;
        c->w_mask = (unsigned char)(m | (same ? c->w_mask : 0));
        c->w_block = block, c->w_thread = (unsigned short)emu.cur, c->w_epoch = emu.epoch, c->w_warp = warp;
        c->init |= (unsigned char)m, c->atomic = atomic != 0;
        c->r_mask = (unsigned char)(c->r_mask & ~m); /* who comes after this write comes after those reads */
        return;
    }
    unsigned me = 1u << (emu.cur & 31);
    int again = c->r_mask && c->r_block == block && c->r_epoch == emu.epoch;
    int alone = again && !c->warps && c->r_thread >> 5 == emu.cur >> 5 && c->r_lanes == me;
    if (!(c->r_mask & m))
        c->blocks = 0;
    else if (c->r_block != block)
        c->blocks = 1;
    if (again && (alone || c->r_mask == m)) {
        c->warps = c->warps || c->r_thread >> 5 != emu.cur >> 5;
        c->r_lanes |= me, c->r_mask |= (unsigned char)m;
    } else
        c->warps = 0, c->r_lanes = me, c->r_mask = (unsigned char)m;
    c->r_block = block, c->r_thread = (unsigned short)emu.cur, c->r_epoch = emu.epoch, c->r_warp = warp;
}
EMU_CALL void emu_log(const void *p, size_t size, int what, int shared, const void *pc);
EMU_FN void emu_touch_device(const char *p, size_t size, int what, const void *pc) {
    emu_alloc *a = emu_owner(p);
    size_t at, end;
    if (!a || !a->live || p < a->p || (size_t)(p - a->p) + size > a->size) {
        if (!a)
            emu_fail((emu_u64)(uintptr_t)pc, "out of bounds: no allocation is near (at 0x%llx)", emu_pc(pc));
        else
            emu_fail((emu_u64)(uintptr_t)pc, "%s: %s %zu bytes at %td of an allocation of %zu (at 0x%llx)",
                     a->live ? "out of bounds" : "use of freed memory", what ? "writes" : "reads", size,
                     p - a->p, a->size, emu_pc(pc));
        return;
    }
    if (a->device != emu.device)
        emu_fail((emu_u64)(uintptr_t)pc, "memory of device %d in a kernel on device %d", a->device,
                 emu.device);
    at = (size_t)(p - a->p), end = at + size;
    for (; at < end; at = (at | 3) + 1)
        emu_cell_touch(&a->cells[at / 4], emu.launch, 0, emu_mask(at, end), what, pc);
}
EMU_FN void emu_touch_shared(const char *p, size_t size, int what, const void *pc) {
    size_t at = (size_t)(p - emu.arena), end = at + size,
           dynamic = (size_t)((char *)emu_dynamic() - emu.arena);
    int k = 0;
    while (k < emu.arrays && !(at >= emu.array[k].at && end <= emu.array[k].at + emu.array[k].size)) k++;
    if (k == emu.arrays && !(at >= dynamic && end <= dynamic + emu.dynamic)) {
        emu_fail((emu_u64)(uintptr_t)pc,
                 "out of bounds: %s %zu bytes beside the block's shared arrays (at 0x%llx)",
                 what ? "writes" : "reads", size, emu_pc(pc));
        return;
    }
    for (; at < end; at = (at | 3) + 1)
        emu_cell_touch(&emu_shared_cells[at / 4], emu.serial, 1, emu_mask(at, end), what, pc);
}
EMU_CALL void emu_touch(const void *address, size_t size, int what, const void *pc) {
    const char *p = (const char *)address;
    if (!emu.running) {
        if (emu_in_range(p) && !emu.quiet)
            emu_fail((emu_u64)(uintptr_t)pc, "the host %s device memory (at 0x%llx)",
                     what ? "writes" : "reads", emu_pc(pc));
        return;
    }
    if ((size_t)(p - emu.stacks) < (size_t)(EMU_THREADS + 1) * EMU_STACK) return;
    int device = emu_in_range(p), shared = p >= emu.arena && p < emu.arena + EMU_ARENA + 4096;
    if ((device || shared) && size <= 16 && !(what & EMU_LOOSE) && (uintptr_t)p & (size - 1))
        emu_fail((emu_u64)(uintptr_t)pc, "misaligned %s of %zu bytes (at 0x%llx)", what ? "store" : "load",
                 size, emu_pc(pc));
    what &= EMU_WRITE | EMU_ATOMIC;
    emu.counts.accesses += device || shared;
    if (device)
        emu_touch_device(p, size, what, pc);
    else if (shared)
        emu_touch_shared(p, size, what, pc);
    else if (p >= (const char *)&emu_ix && p < (const char *)(&emu_ix + 1))
        return;
    else if (p >= __start_emu_const && p < __stop_emu_const && !what)
        return;
    else if (!emu_pin_of(p, size))
        emu_fail((emu_u64)(uintptr_t)pc, "a kernel %s host memory (at 0x%llx)", what ? "writes" : "reads",
                 emu_pc(pc));
    if (emu.profiling && (device || shared)) emu_log(p, size, what, shared, pc);
}
template <class T> EMU_CALL T emu_ld(const T *p) {
    T v;
    emu_touch(p, sizeof(T), EMU_READ, __builtin_return_address(0));
    if ((uintptr_t)p % sizeof(T) == 0) return *p;
    memset(&v, 0xff, sizeof v);
    return v;
}
template <class T> EMU_CALL void emu_st(T *p, const T &v) {
    emu_touch(p, sizeof(T), EMU_WRITE, __builtin_return_address(0));
    if ((uintptr_t)p % sizeof(T) == 0) *p = v;
}
/* n a multiple of 8; what a compiler makes of memset has no hooks */
EMU_CALL void emu_zero(void *p, size_t n) {
    for (size_t i = 0; i < n; i += 8) emu_touch((char *)p + i, 8, EMU_WRITE, __builtin_return_address(0));
    memset(p, 0, n);
}
EMU_CALL unsigned emu_atomic_add(unsigned *p, unsigned v) {
    emu_touch(p, 4, EMU_ATOMIC, __builtin_return_address(0));
    unsigned old = *p;
    *p = old + v;
    return old;
}

/* requests: what the lanes of a warp do at one place in the code, the n-th time each is there */
enum { EMU_SITES = 512 };
struct emu_request {
    emu_u64 key, at[32];
    unsigned lanes;
    int size, store, shared;
};
static struct {
    const void *site[EMU_SITES];
    unsigned *times; /* [thread][site] */
    emu_request *request;
    int sites, n, room, *table, slots;
} emu_logged;
EMU_FN int emu_site(const void *pc) {
    unsigned h = (unsigned)(((uintptr_t)pc * 0x9e3779b97f4a7c15ull) >> 40) % EMU_SITES;
    for (int k = 0; k < EMU_SITES; k++, h = (h + 1) % EMU_SITES) {
        if (emu_logged.site[h] == pc) return (int)h;
        if (!emu_logged.site[h]) return emu_logged.site[h] = pc, emu_logged.sites++, (int)h;
    }
    return -1;
}
EMU_FN emu_request *emu_request_of(emu_u64 key) {
    if (emu_logged.n * 2 >= emu_logged.slots) {
        emu_logged.slots = emu_logged.slots ? 2 * emu_logged.slots : 4096,
        emu_logged.room = emu_logged.slots / 2 + 1;
        free(emu_logged.table);
        emu_logged.table = (int *)emu_must(calloc((size_t)emu_logged.slots, sizeof(int)));
        emu_logged.request = (emu_request *)emu_must(
            realloc(emu_logged.request, (size_t)emu_logged.room * sizeof(emu_request)));
        for (int i = 0; i < emu_logged.n; i++) {
            unsigned h = (unsigned)((emu_logged.request[i].key * 0x9e3779b97f4a7c15ull) >> 33);
            while (emu_logged.table[h % (unsigned)emu_logged.slots]) h++;
            emu_logged.table[h % (unsigned)emu_logged.slots] = i + 1;
        }
    }
    unsigned h = (unsigned)((key * 0x9e3779b97f4a7c15ull) >> 33);
    for (;; h++) {
        int *t = &emu_logged.table[h % (unsigned)emu_logged.slots];
        if (*t && emu_logged.request[*t - 1].key == key) return &emu_logged.request[*t - 1];
        if (*t) continue;
        emu_request *r = &emu_logged.request[emu_logged.n++];
        memset(r, 0, sizeof *r);
        *t = emu_logged.n;
        r->key = key;
        return r;
    }
}
EMU_CALL void emu_log(const void *p, size_t size, int what, int shared, const void *pc) {
    int site = emu_site(pc), lane = emu.cur & 31;
    if (!emu_logged.times)
        emu_logged.times = (unsigned *)emu_must(calloc((size_t)EMU_THREADS * EMU_SITES, 4));
    if (site < 0) return;
    unsigned time = emu_logged.times[emu.cur * EMU_SITES + site]++;
    emu_request *r =
        emu_request_of((emu_u64)(unsigned)(emu.cur >> 5) << 48 | (emu_u64)(unsigned)site << 32 | time);
    r->lanes |= 1u << lane, r->at[lane] = (emu_u64)(uintptr_t)p;
    r->size = (int)size, r->store = what != 0, r->shared = shared;
}
EMU_FN int emu_add_new(emu_u64 *list, int n, emu_u64 v) {
    for (int i = n - 1; i >= 0; i--)
        if (list[i] == v) return n;
    list[n] = v;
    return n + 1;
}
EMU_FN int emu_sectors(const emu_request *r) {
    emu_u64 list[32 * 4];
    int n = 0;
    for (int lane = 0; lane < 32; lane++)
        if (r->lanes >> lane & 1)
            for (emu_u64 s = r->at[lane] / 32; s <= (r->at[lane] + (emu_u64)r->size - 1) / 32 && n < 127; s++)
                n = emu_add_new(list, n, s);
    return n;
}
/* lanes first .. first + count - 1 go together: passes, 0 where none of them is there */
EMU_FN int emu_passes(const emu_request *r, int first, int count) {
    emu_u64 list[32 * 4];
    int n = 0, bank[32] = {0}, most = 0;
    for (int lane = first; lane < first + count; lane++)
        if (r->lanes >> lane & 1)
            for (emu_u64 w = r->at[lane] / 4; w <= (r->at[lane] + (emu_u64)r->size - 1) / 4 && n < 127; w++)
                n = emu_add_new(list, n, w);
    for (int i = 0; i < n; i++)
        if (++bank[list[i] % 32] > most) most = bank[list[i] % 32];
    return most;
}
EMU_CALL void emu_block_end(void) {
    if (!emu.profiling || !emu_logged.n) return;
    for (int i = 0; i < emu_logged.n; i++) {
        const emu_request *r = &emu_logged.request[i];
        emu_u64 bytes = (emu_u64)__builtin_popcount(r->lanes) * (emu_u64)r->size;
        if (r->shared) {
            int count = r->size > 8 ? 8 : r->size > 4 ? 16 : 32;
            for (int first = 0; first < 32; first += count) {
                int passes = emu_passes(r, first, count);
                emu.counts.shared_requests += passes > 0, emu.counts.shared_passes += (emu_u64)passes;
            }
        } else if (r->store)
            emu.counts.store_requests++, emu.counts.store_bytes += bytes,
                emu.counts.store_sectors += (emu_u64)emu_sectors(r);
        else
            emu.counts.load_requests++, emu.counts.load_bytes += bytes,
                emu.counts.load_sectors += (emu_u64)emu_sectors(r);
    }
    memset(emu_logged.table, 0, (size_t)emu_logged.slots * sizeof(int));
    memset(emu_logged.times, 0, (size_t)emu.n * EMU_SITES * 4);
    memset(emu_logged.site, 0, sizeof emu_logged.site);
    emu_logged.n = emu_logged.sites = 0;
}

/* the hooks themselves; what is a thread's own, or the host's, goes no further */
EMU_FN void emu_hook(const void *p, size_t size, int what, const void *pc) {
    if (emu.running ? (size_t)((const char *)p - emu.stacks) < (size_t)(EMU_THREADS + 1) * EMU_STACK
                    : !emu_in_range(p))
        return;
    emu_touch(p, size, what, pc);
}
#define EMU_PC __builtin_return_address(0)
extern "C" {
EMU_RAW void __tsan_init(void) {}
EMU_RAW void __tsan_func_entry(void *) {}
EMU_RAW void __tsan_func_exit(void) {}
EMU_RAW void __tsan_vptr_update(void **, void *) {}
EMU_RAW void __tsan_vptr_read(void **) {}
#define EMU_HOOKS(n)                                                                                         \
    EMU_RAW void __tsan_read##n(void *p) { emu_hook(p, n, EMU_READ, EMU_PC); }                               \
    EMU_RAW void __tsan_write##n(void *p) { emu_hook(p, n, EMU_WRITE, EMU_PC); }                             \
    EMU_RAW void __tsan_volatile_read##n(void *p) { emu_hook(p, n, EMU_READ, EMU_PC); }                      \
    EMU_RAW void __tsan_volatile_write##n(void *p) { emu_hook(p, n, EMU_WRITE, EMU_PC); }                    \
    EMU_RAW void __tsan_unaligned_read##n(void *p) { emu_hook(p, n, EMU_READ | EMU_LOOSE, EMU_PC); }         \
    EMU_RAW void __tsan_unaligned_write##n(void *p) { emu_hook(p, n, EMU_WRITE | EMU_LOOSE, EMU_PC); }       \
    EMU_RAW void __tsan_read_write##n(void *p) {                                                             \
        emu_hook(p, n, EMU_READ, EMU_PC);                                                                    \
        emu_hook(p, n, EMU_WRITE, EMU_PC);                                                                   \
    }
EMU_HOOKS(1)
EMU_HOOKS(2)
EMU_HOOKS(4)
EMU_HOOKS(8)
EMU_HOOKS(16)
EMU_RAW void __tsan_read_range(void *p, size_t n) {
    if (n) emu_hook(p, n, EMU_READ | EMU_LOOSE, EMU_PC);
}
EMU_RAW void __tsan_write_range(void *p, size_t n) {
    if (n) emu_hook(p, n, EMU_WRITE | EMU_LOOSE, EMU_PC);
}
EMU_RAW void *__tsan_memcpy(void *d, const void *s, size_t n) {
    if (n) emu_hook(s, n, EMU_READ | EMU_LOOSE, EMU_PC), emu_hook(d, n, EMU_WRITE | EMU_LOOSE, EMU_PC);
    return memcpy(d, s, n);
}
EMU_RAW void *__tsan_memmove(void *d, const void *s, size_t n) {
    if (n) emu_hook(s, n, EMU_READ | EMU_LOOSE, EMU_PC), emu_hook(d, n, EMU_WRITE | EMU_LOOSE, EMU_PC);
    return memmove(d, s, n);
}
EMU_RAW void *__tsan_memset(void *d, int v, size_t n) {
    if (n) emu_hook(d, n, EMU_WRITE | EMU_LOOSE, EMU_PC);
    return memset(d, v, n);
}
}
#endif

/* ---- cuFFT, by medvol.h's transforms (link its implementation; EMU_NO_CUFFT leaves it out) ---- */
#if !defined EMU_NO_CUFFT && !defined MEDVOL_CUDA_NO_CUFFT
#ifndef MEDVOL_H
#include "../medvol.h"
#endif
typedef int cufftHandle;
typedef float cufftReal;
typedef double cufftDoubleReal;
typedef float2 cufftComplex;
typedef double2 cufftDoubleComplex;
typedef enum cufftResult_t {
    CUFFT_SUCCESS = 0,
    CUFFT_INVALID_PLAN = 1,
    CUFFT_ALLOC_FAILED = 2,
    CUFFT_INVALID_TYPE = 3,
    CUFFT_INVALID_VALUE = 4,
    CUFFT_INTERNAL_ERROR = 5,
    CUFFT_EXEC_FAILED = 6,
    CUFFT_SETUP_FAILED = 7,
    CUFFT_INVALID_SIZE = 8,
    CUFFT_UNALIGNED_DATA = 9,
    CUFFT_INVALID_DEVICE = 11,
    CUFFT_NO_WORKSPACE = 13,
    CUFFT_NOT_IMPLEMENTED = 14,
    CUFFT_NOT_SUPPORTED = 16
} cufftResult;
typedef enum cufftType_t {
    CUFFT_R2C = 0x2a,
    CUFFT_C2R = 0x2c,
    CUFFT_C2C = 0x29,
    CUFFT_D2Z = 0x6a,
    CUFFT_Z2D = 0x6c,
    CUFFT_Z2Z = 0x69
} cufftType;
#define CUFFT_FORWARD (-1)
#define CUFFT_INVERSE 1
struct emu_side { /* where elements lie: [0] the fastest axis, [rank] the batch; element: bytes */
    long long n[4], stride[4];
    size_t element;
};
struct emu_fft {
    int made, rank, type, automatic, device, basic;
    long long n[3], batch;
    size_t work_size;
    void *work, *own;
    cudaStream_t stream;
    emu_side in, out;
};
static emu_fft emu_ffts[64]; /* handle - 1 */
static unsigned char emu_fft_lives[64];
EMU_FN emu_fft *emu_fft_of(cufftHandle h) {
    return h >= 1 && h <= 64 && emu_fft_lives[h - 1] ? &emu_ffts[h - 1] : NULL;
}
EMU_RT cufftResult cufftCreate(cufftHandle *h) {
    if (emu_may()) return CUFFT_INTERNAL_ERROR;
    for (int i = 0; i < 64; i++)
        if (!emu_fft_lives[i]) {
            memset(&emu_ffts[i], 0, sizeof emu_ffts[i]);
            emu_ffts[i].automatic = emu_fft_lives[i] = 1;
            emu_rt.live_plans++;
            *h = i + 1;
            return CUFFT_SUCCESS;
        }
    return CUFFT_ALLOC_FAILED;
}
EMU_RT cufftResult cufftDestroy(cufftHandle h) {
    emu_fft *f = emu_fft_of(h);
    if (!f) return CUFFT_INVALID_PLAN;
    if (f->own) cudaFree(f->own);
    emu_fft_lives[h - 1] = 0;
    emu_rt.live_plans--;
    return CUFFT_SUCCESS;
}
EMU_RT cufftResult cufftGetVersion(int *v) { return *v = 12000, CUFFT_SUCCESS; }
EMU_RT cufftResult cufftSetAutoAllocation(cufftHandle h, int on) {
    emu_fft *f = emu_fft_of(h);
    if (!f || f->made) return CUFFT_INVALID_PLAN;
    return f->automatic = on, CUFFT_SUCCESS;
}
EMU_RT cufftResult cufftSetStream(cufftHandle h, cudaStream_t s) {
    emu_fft *f = emu_fft_of(h);
    return f ? f->stream = s, CUFFT_SUCCESS : CUFFT_INVALID_PLAN;
}
EMU_RT cufftResult cufftSetWorkArea(cufftHandle h, void *work) {
    emu_fft *f = emu_fft_of(h);
    return f && f->made ? f->work = work, CUFFT_SUCCESS : CUFFT_INVALID_PLAN;
}
EMU_RT cufftResult cufftGetSize(cufftHandle h, size_t *size) {
    emu_fft *f = emu_fft_of(h);
    return f && f->made ? *size = f->work_size, CUFFT_SUCCESS : CUFFT_INVALID_PLAN;
}
/* layout as cuFFT's advanced one; embed NULL: contiguous */
EMU_FN void emu_side_set(emu_side *s, const emu_fft *f, int real, int halved, long long *embed,
                         long long stride, long long dist) {
    int d = f->type >= CUFFT_Z2Z, k;
    long long step = embed ? stride : 1;
    s->element = (size_t)((d ? 8 : 4) * (real ? 1 : 2));
    for (k = 0; k < f->rank; k++) {
        s->n[k] = k == 0 && halved ? f->n[0] / 2 + 1 : f->n[k];
        s->stride[k] = step;
        step *= embed ? embed[f->rank - 1 - k] : s->n[k];
    }
    s->n[f->rank] = f->batch, s->stride[f->rank] = embed ? dist : step;
}
EMU_RT cufftResult cufftMakePlanMany64(cufftHandle h, int rank, long long *n, long long *inembed,
                                       long long istride, long long idist, long long *onembed,
                                       long long ostride, long long odist, cufftType type, long long batch,
                                       size_t *work_size) {
    emu_fft *f = emu_fft_of(h);
    long long total = batch;
    if (!f || f->made) return CUFFT_INVALID_PLAN;
    /* its tables are made on the default stream */
    if (emu_may() || emu_unsafe() || emu_captured(emu_rt.device, 1)) return CUFFT_INTERNAL_ERROR;
    if (rank < 1 || rank > 3 || !n || batch < 1) return CUFFT_INVALID_SIZE;
    if (!type || !strchr("\x2a\x2c\x29\x6a\x6c\x69", (int)type)) return CUFFT_INVALID_TYPE;
    if (!inembed != !onembed) return CUFFT_INVALID_VALUE;
    f->rank = rank, f->batch = batch, f->type = type, f->device = emu_rt.device, f->basic = !inembed;
    for (int k = 0; k < rank; k++) {
        if (n[k] < 1) return CUFFT_INVALID_SIZE;
        f->n[rank - 1 - k] = n[k], total *= n[k];
    }
    int r2c = type == CUFFT_R2C || type == CUFFT_D2Z, c2r = type == CUFFT_C2R || type == CUFFT_Z2D;
    emu_side_set(&f->in, f, r2c, c2r, inembed, istride, idist);
    emu_side_set(&f->out, f, c2r, r2c, onembed, ostride, odist);
    f->work_size = (size_t)total * (type >= CUFFT_Z2Z ? 16 : 8);
    if (f->automatic && cudaMalloc(&f->own, f->work_size)) return CUFFT_ALLOC_FAILED;
    f->work = f->own, f->made = 1;
    if (work_size) *work_size = f->work_size;
    return CUFFT_SUCCESS;
}
EMU_RT cufftResult cufftMakePlanMany(cufftHandle h, int rank, int *n, int *inembed, int istride, int idist,
                                     int *onembed, int ostride, int odist, cufftType type, int batch,
                                     size_t *work_size) {
    long long m[3] = {0}, i[3] = {0}, o[3] = {0};
    if (rank < 1 || rank > 3 || !n) return CUFFT_INVALID_SIZE;
    for (int k = 0; k < rank; k++)
        m[k] = n[k], i[k] = inembed ? inembed[k] : 0, o[k] = onembed ? onembed[k] : 0;
    return cufftMakePlanMany64(h, rank, m, inembed ? i : NULL, istride, idist, onembed ? o : NULL, ostride,
                               odist, type, batch, work_size);
}
enum { EMU_FFT_LOOK, EMU_FFT_POISON, EMU_FFT_SET };
/* each element: is it device memory, written (LOOK)? makes it NaN (POISON); it is written now (SET) */
EMU_CALL int emu_side_each(const emu_side *s, int rank, char *p, int what) {
    int ready = 1;
    for (long long b = 0; b < s->n[rank]; b++)
        for (long long z = 0; z < (rank > 2 ? s->n[2] : 1); z++)
            for (long long y = 0; y < (rank > 1 ? s->n[1] : 1); y++)
                for (long long x = 0; x < s->n[0]; x++) {
                    char *q = p + (b * s->stride[rank] + (rank > 2 ? z * s->stride[2] : 0) +
                                   (rank > 1 ? y * s->stride[1] : 0) + x * s->stride[0]) *
                                      (long long)s->element;
                    if (what == EMU_FFT_POISON)
                        memset(q, 0xff, s->element);
                    else if (what == EMU_FFT_SET)
                        emu_cells_set(q, s->element, 1);
                    else if (!emu_device_bytes(q, s->element))
                        return -1;
                    else
                        ready &= emu_cells_ready(q, s->element);
                }
    return ready;
}
/* Back to reals, of even lengths: cuFFT counts imaginary parts that no real array has, seen of version 12. 1: those of
   numbers that are their own mirrors are NaN or infinite, so all would be. */
EMU_FN int emu_side_unreal(const emu_side *s, const long long *n, int rank, const char *p) {
    for (long long b = 0; n[0] % 2 == 0 && b < s->n[rank]; b++)
        for (int k = 0; k < 1 << rank; k++) {
            long long at = b * s->stride[rank];
            for (int d = 0; d < rank; d++) {
                if (!(k >> d & 1)) continue;
                if (n[d] % 2) at = -1;
                else if (at >= 0) at += n[d] / 2 * s->stride[d];
            }
            if (at < 0) continue;
            const char *q = p + at * (long long)s->element;
            const double im = s->element == 8 ? (double)((const float *)(const void *)q)[1]
                                              : ((const double *)(const void *)q)[1];
            if (!(fabs(im) <= 1e300)) return 1;
        }
    return 0;
}
EMU_FN size_t emu_side_bytes(const emu_side *s, int rank) {
    long long last = 0;
    for (int k = 0; k <= rank; k++) last += (s->n[k] - 1) * s->stride[k];
    return (size_t)(last + 1) * s->element;
}
struct emu_fft_op {
    emu_op op;
    emu_fft f;
    char *in, *out;
    int inverse;
};
EMU_CALL int emu_fft_do(const emu_fft_op *o, const emu_side *in, const emu_side *out) {
    int rank = o->f.rank, real = o->f.type != CUFFT_C2C && o->f.type != CUFFT_Z2Z, status;
    size_t bytes = emu_side_bytes(in, rank);
    mv_fft_desc d;
    mv_fft_plan plan;
    memset(&d, 0, sizeof d);
    d.dtype = o->f.type >= CUFFT_Z2Z ? MEDVOL_C128 : MEDVOL_C64, d.ndim = rank + (o->f.batch > 1);
    for (int k = 0; k < rank; k++) d.dim[k] = (size_t)o->f.n[k], d.axes |= 1u << k;
    if (d.ndim > rank) d.dim[rank] = (size_t)o->f.batch;
    for (int k = 0; k < d.ndim; k++)
        d.in_stride[k] = (ptrdiff_t)in->stride[k], d.out_stride[k] = (ptrdiff_t)out->stride[k];
    d.flags = (o->inverse ? (unsigned)MEDVOL_FFT_INVERSE : 0u) | (real ? (unsigned)MEDVOL_FFT_REAL : 0u);
    char *copy = NULL;
    if (o->in == o->out && (real || memcmp(in->stride, out->stride, sizeof in->stride)))
        copy = (char *)memcpy(emu_must(malloc(bytes)), o->in, bytes);
    status = mv_fft_plan_init(NULL, &plan, &d);
    if (!status) status = mv_fft_plan_execute(NULL, &plan, o->out, copy ? copy : o->in);
    if (!status) mv_fft_plan_free(NULL, &plan);
    free(copy);
    return status;
}
EMU_CALL void emu_fft_run(emu_op *op) {
    emu_fft_op *o = (emu_fft_op *)(void *)op;
    int rank = o->f.rank, status;
    emu_side in = o->f.in, out = o->f.out;
    if (o->in == o->out && o->f.basic &&
        in.element != out.element) { /* rows of reals are padded for their frequencies */
        emu_side *reals = in.element < out.element ? &in : &out;
        long long step = 2 * (o->f.n[0] / 2 + 1);
        for (int k = 1; k <= rank; k++) reals->stride[k] = step, step *= k < rank ? reals->n[k] : 1;
    }
    int ready = emu_side_each(&in, rank, o->in, EMU_FFT_LOOK);
    if (ready < 0 || emu_side_each(&out, rank, o->out, EMU_FFT_LOOK) < 0 ||
        !emu_device_bytes(o->f.work, o->f.work_size)) {
        emu_fail(20, "cuFFT: out of bounds: %s", ready < 0 ? "input" : "output or work area");
        emu.sticky = emu.last_error = cudaErrorIllegalAddress;
        return;
    }
    if (!ready) emu_fail(21, "cuFFT reads memory that nobody has written");
    memset(o->f.work, 0xff, o->f.work_size);
    const int unreal = in.element > out.element && emu_side_unreal(&in, o->f.n, rank, o->in);
    emu.quiet = 1;
    status = emu_fft_do(o, &in, &out);
    emu.quiet = 0;
    if (unreal) emu_side_each(&out, rank, o->out, EMU_FFT_POISON);
    if (status) emu_fail(22, "cuFFT: medvol's transform gives status %d", status);
    if (o->inverse && o->in != o->out && in.element != out.element) /* cuFFT overwrites it */
        emu_side_each(&in, rank, o->in, EMU_FFT_POISON);
    if (EMU_CHECK) emu_side_each(&out, rank, o->out, EMU_FFT_SET);
}
EMU_CALL cufftResult emu_fft_exec(cufftHandle h, int type, void *in, void *out, int direction) {
    emu_fft *f = emu_fft_of(h);
    if (!f || !f->made) return CUFFT_INVALID_PLAN;
    if (emu_may()) return CUFFT_EXEC_FAILED;
    if (f->type != type || (direction != CUFFT_FORWARD && direction != CUFFT_INVERSE))
        return CUFFT_INVALID_VALUE;
    if (!f->work) return CUFFT_NO_WORKSPACE;
    CUstream_st *s = emu_stream(f->stream);
    if (!s || s->device != f->device || emu_rt.device != f->device || !emu_in_range(in) || !emu_in_range(out))
        return CUFFT_EXEC_FAILED;
    const size_t pair = type >= CUFFT_Z2Z ? 16 : 8; /* also of reals; seen of version 12 */
    if ((uintptr_t)in % pair || (uintptr_t)out % pair) return CUFFT_INVALID_VALUE;
    emu_fft_op *op = (emu_fft_op *)emu_op_new(sizeof *op, emu_fft_run);
    op->f = *f, op->in = (char *)in, op->out = (char *)out, op->inverse = direction == CUFFT_INVERSE;
    return emu_enqueue(s, &op->op) ? CUFFT_EXEC_FAILED : CUFFT_SUCCESS;
}
#define EMU_EXEC(name, I, O)                                                                                 \
    EMU_RT cufftResult cufftExec##name(cufftHandle h, I *in, O *out, int direction) {                        \
        return emu_fft_exec(h, CUFFT_##name, in, out, direction);                                            \
    }
#define EMU_EXEC_REAL(name, I, O, direction)                                                                 \
    EMU_RT cufftResult cufftExec##name(cufftHandle h, I *in, O *out) {                                       \
        return emu_fft_exec(h, CUFFT_##name, in, out, direction);                                            \
    }
EMU_EXEC(C2C, cufftComplex, cufftComplex)
EMU_EXEC(Z2Z, cufftDoubleComplex, cufftDoubleComplex)
EMU_EXEC_REAL(R2C, cufftReal, cufftComplex, CUFFT_FORWARD)
EMU_EXEC_REAL(D2Z, cufftDoubleReal, cufftDoubleComplex, CUFFT_FORWARD)
EMU_EXEC_REAL(C2R, cufftComplex, cufftReal, CUFFT_INVERSE)
EMU_EXEC_REAL(Z2D, cufftDoubleComplex, cufftDoubleReal, CUFFT_INVERSE)
#endif
#endif /* C++ */
#endif /* EMU_CUDA_CPU_H */
