/* fuzz.c - the fuzzers' context, allocator, tape, volumes, and the comparison of levels. */
#include "fuzz.h"
#include <stdio.h>
#if defined(__has_feature)
#  if __has_feature(address_sanitizer)
#    include <sanitizer/asan_interface.h>
#  endif
#endif
#ifndef ASAN_POISON_MEMORY_REGION
#  define ASAN_POISON_MEMORY_REGION(p, n) ((void)(p), (void)(n))
#  define ASAN_UNPOISON_MEMORY_REGION(p, n) ((void)(p), (void)(n))
#endif

#ifdef FUZZ_ENGINE
void fz_broken(const char *file, int line, const char *what) {
    fprintf(stderr, "ERROR: %s:%d: broken: %s\n", file, line, what);
    abort();
}
#endif

/* ---- memory ---- */
/* Large blocks that were freed wait here for the next request of their size, so that the fast targets need no
   malloc. Each is malloc's own, with the sanitizer's red zones around it, and poisoned while it waits. */
enum { KEPT = 6, KEEP_FROM = 16 << 10, KEEP_TO = 1 << 19 };
static struct {
    void *p;
    size_t n;
    int used;
} kept[KEPT];
static size_t alive, asked, fail_at, largest;
static int refused;

static void *take(void *user, size_t n) {
    void *p;
    int i, room = -1;
    (void)user;
    if (++asked == fail_at || n > largest) {
        refused = 1;
        return NULL;
    }
    for (i = 0; i < KEPT && n >= KEEP_FROM; i++) {
        if (!kept[i].p) room = i;
        if (kept[i].used || kept[i].n != n) continue;
        kept[i].used = 1;
        alive++;
        ASAN_UNPOISON_MEMORY_REGION(kept[i].p, n);
        return kept[i].p;
    }
    p = malloc(n);
    if (!p) { /* more than a small machine has */
        refused = 1;
        return NULL;
    }
    alive++;
    if (room >= 0 && n <= KEEP_TO) kept[room].p = p, kept[room].n = n, kept[room].used = 1;
    return p;
}
static void give(void *user, void *p) {
    int i;
    (void)user;
    if (!p) return;
    alive--;
    for (i = 0; i < KEPT; i++)
        if (kept[i].p == p) {
            kept[i].used = 0;
            ASAN_POISON_MEMORY_REGION(p, kept[i].n);
            return;
        }
    free(p);
}
static mv_ctx *begin(mv_ctx *ctx, int threads, unsigned fail, size_t most) {
    mv_ctx_desc d;
    memset(&d, 0, sizeof d);
    d.threads = threads;
    d.mem_alloc = take;
    d.mem_free = give;
    if (!ctx->desc.mem_alloc) {
        fail_at = 0;
        largest = (size_t)1 << 20;
        MUST(mv_ctx_init(ctx, &d) == MEDVOL_OK);
        alive = 0; /* the pool stays */
        ctx->keeps = 0; /* plans would, too */
    }
    MUST(alive == 0);
    ctx->desc = d;
    ctx->error.text[0] = 0;
    ctx->error.code = MEDVOL_OK;
    asked = 0;
    fail_at = fail;
    largest = most;
    refused = 0;
    return ctx;
}
static mv_ctx serial, pool;
mv_ctx *fz_begin(unsigned fail, size_t most) { return begin(&serial, 1, fail, most); }
mv_ctx *fz_begin_pool(unsigned fail, size_t most) { return begin(&pool, 2, fail, most); }
void fz_end(void) { MUST(alive == 0); }
int fz_refused(void) { return refused; }
size_t fz_alive(void) { return alive; }
void fz_level(unsigned bits) { mv_level_force(1 + (int)(bits % 4)); }
void fz_failed(const mv_ctx *c, mv_status st) {
    MUST(st < 0 && st >= MEDVOL_E_TOOBIG && c->error.code == st && mv_message(c)[0]);
    MUST(st != MEDVOL_E_NOMEM || refused);
    MUST(mv_status_str(st)[0]);
}

/* ---- values ---- */
static const uint8_t *at, *end;
void fz_tape(const uint8_t *p, size_t n) { at = p, end = p + n; }
int fz_ended(void) { return at >= end; }
unsigned fz_byte(void) { return at < end ? *at++ : 0; }
size_t fz_size(void) {
    unsigned b = fz_byte();
    if (b < 0xe0) return b % 7;
    if (b < 0xf8) return b - 0xe0 + 7;
    return b == 0xff ? (size_t)-1 : b == 0xfe ? (size_t)1 << (sizeof(size_t) * 8 - 2)
        : b == 0xfd ? (size_t)0x7fffffff : b * 40u;
}
double fz_number(void) {
    static const double odd[] = {0.0, -0.0, 1.0, -1.0, 0.5, 1e-300, 1e300, -1e300, 4.9e-324, 1e-7, 65504.0,
        2147483648.0, 9.3e18, 1e-12};
    unsigned b = fz_byte();
    if (b == 0xff) return (double)NAN;
    if (b == 0xfe) return HUGE_VAL;
    if (b == 0xfd) return -HUGE_VAL;
    if (b >= 0xe8) return odd[b % 14];
    return ((int)b - 100) / 16.0;
}
mv_dtype fz_type(void) {
    static const mv_dtype t[20] = {MEDVOL_F32, MEDVOL_U8, MEDVOL_I16, MEDVOL_F64, MEDVOL_I8, MEDVOL_U16,
        MEDVOL_U32, MEDVOL_I32, MEDVOL_U64, MEDVOL_I64, MEDVOL_F16, MEDVOL_BF16, MEDVOL_C64, MEDVOL_C128,
        MEDVOL_RGB24, MEDVOL_RGBA32, MEDVOL_F128, MEDVOL_C256, MEDVOL_NONE, (mv_dtype)1};
    return t[fz_byte() % 20];
}
static uint64_t noise;
uint64_t fz_noise(void) { return (noise = noise * 6364136223846793005u + 1442695040888963407u) >> 20; }
uint64_t fz_hash(uint64_t h, const void *p, size_t n) {
    const uint8_t *b = (const uint8_t *)p;
    for (; n; n--) h = (h ^ *b++) * 0x100000001b3u;
    return h;
}
static size_t row(const mv_volume *v, size_t r) { /* element where row r of any volume begins */
    size_t o = 0;
    int d;
    for (d = 1; d < v->ndim; r /= v->dim[d++]) o += r % v->dim[d] * (size_t)v->stride[d];
    return o;
}
uint64_t fz_hash_volume(uint64_t h, const mv_volume *v) {
    size_t i, rows, size = mv_dtype_size(v->dtype);
    MUST(v->data && v->ndim >= 1 && v->ndim <= 7 && size && v->stride[0] == 1);
    rows = mv_volume_count(v) / v->dim[0];
    for (i = 0; i < rows; i++) h = fz_hash(h, (const uint8_t *)v->data + row(v, i) * size, v->dim[0] * size);
    h = fz_hash(h, v->dim, (size_t)v->ndim * sizeof v->dim[0]);
    h = fz_hash(h, v->affine, sizeof v->affine);
    h = fz_hash(h, &v->slope, sizeof v->slope);
    return fz_hash(h, &v->inter, sizeof v->inter);
}
static int is_real(mv_dtype t) {
    return t == MEDVOL_F32 || t == MEDVOL_F64 || t == MEDVOL_U8 || t == MEDVOL_I16 || t == MEDVOL_I8 ||
        t == MEDVOL_U16 || t == MEDVOL_U32 || t == MEDVOL_I32 || t == MEDVOL_U64 || t == MEDVOL_I64 ||
        t == MEDVOL_F16 || t == MEDVOL_BF16;
}
static int is_whole(mv_dtype t) {
    return is_real(t) && t != MEDVOL_F32 && t != MEDVOL_F64 && t != MEDVOL_F16 && t != MEDVOL_BF16;
}
static void voxels(mv_volume *v, unsigned style) { /* zeros, few values, noise, numbers */
    size_t i, k, n = mv_volume_count(v), size = mv_dtype_size(v->dtype);
    uint8_t *p = (uint8_t *)v->data;
    double x[64];
    for (i = 0; i < n * size && (style != 3 || !is_real(v->dtype)); i++)
        p[i] = (uint8_t)(style == 0 ? 0 : style == 1 ? fz_noise() >> 13 & 3 : fz_noise() >> 36);
    for (i = 0; i < n && style == 3 && is_real(v->dtype); i += k) {
        for (k = 0; k < 64 && i + k < n; k++) x[k] = (double)(int64_t)(fz_noise() & 0xfffff) / 128.0 - 2048.0;
        MUST(mv_convert_array(NULL, p + i * size, v->dtype, x, MEDVOL_F64, k, 1, 0) == MEDVOL_OK);
    }
}
mv_status fz_volume(mv_ctx *c, mv_volume *base, mv_volume *v) {
    size_t dim[8], n = 1, start[7], size[7];
    mv_dtype t = fz_type();
    int ndim = (int)(fz_byte() % 9), d;
    unsigned how;
    mv_status st;
    for (d = 0; d < 8; d++) {
        dim[d] = d < ndim ? fz_size() : 1;
        if (dim[d] < 100000 && n * dim[d] > 1500) dim[d] = 1; /* fast; what is absurd stays */
        if (dim[d] < 100000) n *= dim[d];
    }
    noise = fz_byte() + 1;
    how = fz_byte();
    if ((st = mv_volume_alloc(c, base, t, ndim, dim)) < 0) return st;
    voxels(base, how & 3);
    if (how & 4) for (d = 0; d < 12; d++) base->affine[d] = fz_number();
    if (how & 8) base->slope = fz_number(), base->inter = fz_number();
    *v = *base;
    v->owner = NULL, v->nifti = NULL;
    if (!(how & 16)) return MEDVOL_OK;
    for (d = 0; d < ndim; d++) {
        start[d] = fz_byte() % dim[d];
        size[d] = 1 + fz_byte() % (dim[d] - start[d]);
    }
    return mv_volume_view(c, v, base, start, size);
}

/* ---- operations at two levels ---- */
enum { NEAR = 1 << 16 };
static double near_values[2][NEAR], near_step[NEAR], near_scale; /* near_step: one of an integer type */
static size_t near_count;
static int near_side;
void fz_near(const double *x, size_t n) {
    for (; n && near_count < NEAR; n--) {
        near_step[near_count] = 0;
        near_values[near_side][near_count++] = *x++;
    }
}
static void near_volume(const mv_volume *v) {
    size_t i, j, k, w = v->dim[0], rows = mv_volume_count(v) / w, size = mv_dtype_size(v->dtype);
    const int scaled = v->slope != 0.0 && fabs(v->slope) < HUGE_VAL && fabs(v->inter) < HUGE_VAL;
    for (i = 0; i < rows && is_real(v->dtype) && near_count < NEAR; i++, near_count += k) {
        k = w < NEAR - near_count ? w : NEAR - near_count;
        for (j = 0; j < k; j++)
            near_step[near_count + j] = !is_whole(v->dtype) ? 0 : scaled ? fabs(v->slope) : 1;
        MUST(mv_convert_array(NULL, near_values[near_side] + near_count, MEDVOL_F64,
                 (const uint8_t *)v->data + row(v, i) * size, v->dtype, k, v->slope, v->inter) == MEDVOL_OK);
        for (j = 0; j < k; j++) { /* what is near a tie of halves */
            const double x = fabs(near_values[near_side][near_count + j]);
            if (v->dtype == MEDVOL_BF16) near_step[near_count + j] = x / 128;
            if (v->dtype == MEDVOL_F16) near_step[near_count + j] = x / 1024 + 6e-8;
        }
    }
}
/* the largest magnitude of src; 0 when a value is not finite or so odd that an error bound means nothing */
static double scale_of(const mv_volume *v) {
    double most = 1;
    size_t i;
    int side = near_side;
    near_side = 1, near_count = 0;
    near_volume(v);
    for (i = 0; i < near_count; i++) {
        double x = fabs(near_values[1][i]);
        if (!(x < 1e15)) most = HUGE_VAL;
        else if (x > most) most = x;
    }
    near_side = side, near_count = 0;
    return most < 1e15 ? most : 0;
}
/* one operation on src: into a new volume, a copy of src, or in place */
static void turn(fz_step *s, mv_volume *src, const fz_op *ops, size_t count) {
    size_t before = fz_alive();
    uint64_t was = fz_hash_volume(0, src);
    unsigned style = fz_byte() & 3;
    mv_volume own, keep;
    mv_status st;
    memset(&own, 0, sizeof own);
    if (style == 1 && mv_volume_copy(s->ctx, &own, src) < 0) style = 0;
    s->src = src;
    s->dst = style == 2 ? src : &own;
    keep = *s->dst;
    st = ops[fz_byte() % count](s);
    if (st < 0) {
        fz_failed(s->ctx, st);
        MUST(!memcmp(s->dst, &keep, sizeof keep));
    }
    if (style != 2 || st < 0) MUST(fz_hash_volume(0, src) == was);
    if (st == MEDVOL_OK && s->dst->data) {
        if (s->loose > 0) near_volume(s->dst);
        else s->hash = fz_hash_volume(s->hash, s->dst);
    }
    s->hash = fz_hash(s->hash, &st, sizeof st);
    mv_volume_free(s->ctx, &own);
    MUST(style == 2 || fz_alive() == before);
}
/* one run of the tape: what came out */
static fz_step play(mv_ctx *c, const uint8_t *p, size_t n, const fz_op *ops, size_t count) {
    mv_volume base, src;
    fz_step s;
    int k;
    memset(&s, 0, sizeof s);
    memset(&src, 0, sizeof src);
    memset(&base, 0, sizeof base);
    s.ctx = c;
    s.hash = 0xcbf29ce484222325u;
    near_count = 0;
    fz_tape(p, n);
    if (fz_volume(c, &base, &src) == MEDVOL_OK) {
        near_scale = scale_of(&src);
        for (k = 0; k < 4 && !fz_ended() && s.loose == 0; k++) turn(&s, &src, ops, count);
    }
    mv_volume_free(c, &src);
    mv_volume_free(c, &base);
    fz_end();
    return s;
}
int fz_steps(const uint8_t *p, size_t n, const fz_op *ops, size_t count, size_t most) {
    fz_step a, b;
    size_t i, made;
    int gone;
    if (n < 3) return 0;
    near_side = 0;
    fz_level(p[1]);
    a = play(p[1] & 4 ? fz_begin_pool(p[0], most) : fz_begin(p[0], most), p + 2, n - 2, ops, count);
    gone = fz_refused();
    made = near_count;
    if (gone && p[0]) return 0;
    near_side = 1;
    fz_level(0);
    b = play(fz_begin(0, most), p + 2, n - 2, ops, count);
    if (gone || fz_refused()) return 0; /* threads need more memory */
    MUST(a.hash == b.hash && a.loose == b.loose && made == near_count);
    for (i = 0; i < made && near_scale > 0; i++) {
        double x = near_values[0][i], y = near_values[1][i];
        MUST(x == y || fabs(x - y) <= a.loose * near_scale + near_step[i] || (x != x && y != y));
    }
    return 0;
}
