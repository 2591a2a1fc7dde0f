/* fuzz_ops.c - libFuzzer target: shapes, strides, types, affines and parameters of the public operations from
   bytes, valid or not. Whatever they are: a status, no leak, an unchanged destination on error, a sound
   result on success, and for what is exact the same bits at the chosen level with threads as at the scalar
   level without. clang -g -O1 -fsanitize=fuzzer,address,undefined -I. tests/fuzz/fuzz_ops.c -lm -lpthread -o
   build/fuzz_ops */
#define MEDVOL_IMPLEMENTATION
#define MEDVOL_NO_IO
#define MEDVOL_NO_GZIP
#include "medvol.h"
#define FUZZ_LARGEST (1 << 19)
#include "fuzz.h"

static const uint8_t *at, *end;
static unsigned byte(void) { return at < end ? *at++ : 0; }
static size_t small_size(void) { /* mostly small, now and then absurd */
    unsigned b = byte();
    if (b < 0xe0) return b % 7;
    if (b < 0xf8) return b - 0xe0 + 7;
    return b == 0xff ? (size_t)-1 : b == 0xfe ? (size_t)1 << 62 : b == 0xfd ? (size_t)0x7fffffff : b * 40u;
}
static double number(void) {
    static const double odd[] = {0.0, -0.0, 1.0, -1.0, 0.5, 1e-300, 1e300, -1e300, 4.9e-324, 1e-7, 65504.0,
        2147483648.0, 9.3e18, 1e-12};
    unsigned b = byte();
    if (b == 0xff) return (double)NAN;
    if (b == 0xfe) return HUGE_VAL;
    if (b == 0xfd) return -HUGE_VAL;
    if (b >= 0xe8) return odd[b % 14];
    return ((int)b - 100) / 16.0;
}
static mv_dtype type(void) {
    static const mv_dtype t[] = {MEDVOL_F32, MEDVOL_U8, MEDVOL_I16, MEDVOL_F64, MEDVOL_I8, MEDVOL_U16,
        MEDVOL_U32, MEDVOL_I32, MEDVOL_U64, MEDVOL_I64, MEDVOL_F16, MEDVOL_BF16, MEDVOL_C64, MEDVOL_C128,
        MEDVOL_RGB24, MEDVOL_RGBA32, MEDVOL_F128, MEDVOL_C256, MEDVOL_NONE, (mv_dtype)1};
    return t[byte() % 20];
}
static uint64_t hash(uint64_t h, const void *p, size_t n) {
    const uint8_t *b = (const uint8_t *)p;
    for (; n; n--) h = (h ^ *b++) * 0x100000001b3u;
    return h;
}
static uint64_t hash_volume(uint64_t h, const mv_volume *v) { /* voxels of any strides, shape, geometry */
    size_t i, k, rows = 1, size = mv_dtype_size(v->dtype);
    int d;
    MUST(v->data && v->ndim >= 1 && v->ndim <= 7 && size && v->stride[0] == 1);
    for (d = 1; d < v->ndim; d++) rows *= v->dim[d];
    for (i = 0; i < rows; i++) {
        size_t o = 0, r = i;
        for (d = 1; d < v->ndim; d++) {
            k = r % v->dim[d];
            r /= v->dim[d];
            o += k * (size_t)v->stride[d];
        }
        h = hash(h, (const uint8_t *)v->data + o * size, v->dim[0] * size);
    }
    h = hash(h, v->dim, (size_t)v->ndim * sizeof v->dim[0]);
    return hash(h, v->affine, sizeof v->affine);
}
/* a source: at most a few thousand voxels of noise, numbers or bytes of the input */
static mv_status source(mv_ctx *ctx, mv_volume *v) {
    size_t dim[8], n, i, size;
    mv_dtype t = type();
    int ndim = (int)(byte() % 6) - 0, d, style;
    uint64_t s = byte() + 1;
    mv_status st;
    for (n = 1, d = 0; d < 8; d++) {
        dim[d] = d < ndim ? small_size() : 1;
        if (dim[d] < 64 && n * dim[d] > 1500) dim[d] = 1; /* fast */
        if (dim[d] < 64) n *= dim[d];
    }
    st = mv_volume_alloc(ctx, v, t, ndim, dim);
    if (st < 0) return st;
    n = mv_volume_count(v);
    size = mv_dtype_size(t);
    style = (int)(byte() % 4);
    for (i = 0; i < n * size; i++) {
        s = s * 6364136223846793005u + 1442695040888963407u;
        ((uint8_t *)v->data)[i] = (uint8_t)(style == 0 ? 0 : style == 1 ? s >> 33 & 3 : s >> 56);
    }
    if (style == 3 && mv__is_real(t) && n <= 2048) {
        double x[2048];
        for (i = 0; i < n; i++) {
            s = s * 6364136223846793005u + 1442695040888963407u;
            x[i] = (double)(int64_t)(s >> 20) / 8796093022208.0;
        }
        MUST(mv_convert_array(NULL, v->data, t, x, MEDVOL_F64, n, 1.0, 0.0) == MEDVOL_OK);
    }
    if (byte() & 1) for (d = 0; d < 12; d++) v->affine[d] = number();
    if (byte() & 1) v->slope = number(), v->inter = number();
    return MEDVOL_OK;
}
static void box(size_t *a, size_t *b) {
    int d;
    for (d = 0; d < 7; d++) a[d] = small_size(), b[d] = small_size();
}
/* ---- operations: each reads its parameters from the input ---- */
typedef struct step {
    mv_ctx *ctx;
    mv_volume *dst;
    const mv_volume *src;
    unsigned op;
    uint64_t hash; /* of everything that came out so far */
    int exact;     /* the same bits are promised at every level */
} step;
static mv_status op_copy(step *s) { return mv_volume_copy(s->ctx, s->dst, s->src); }
static mv_status op_convert(step *s) {
    mv_convert_opt o;
    mv_dtype t = type();
    memset(&o, 0, sizeof o);
    o.keep_scaling = (int)(byte() & 1);
    if (byte() & 1) o.slope = number(), o.inter = number();
    return mv_convert(s->ctx, s->dst, s->src, t, &o);
}
static mv_status op_crop(step *s) {
    size_t start[7], size[7];
    mv_crop_opt o;
    box(start, size);
    memset(&o, 0, sizeof o);
    o.clip = (int)(byte() & 1);
    return mv_crop(s->ctx, s->dst, s->src, start, size, &o);
}
static mv_status op_pad(step *s) {
    size_t before[7], after[7];
    mv_pad_opt o;
    box(before, after);
    memset(&o, 0, sizeof o);
    o.mode = (mv_pad_mode)(byte() % 9);
    o.value = number();
    return mv_pad(s->ctx, s->dst, s->src, before, after, &o);
}
static mv_status op_crop_or_pad(step *s) {
    size_t shape[7], unused[7];
    mv_crop_or_pad_opt o;
    box(shape, unused);
    memset(&o, 0, sizeof o);
    o.rule = (mv_centre_rule)(byte() % 5);
    o.mode = (mv_pad_mode)(byte() % 9);
    return mv_crop_or_pad(s->ctx, s->dst, s->src, shape, &o);
}
static mv_status op_foreground(step *s) {
    mv_foreground_opt o;
    memset(&o, 0, sizeof o);
    o.above = (int)(byte() & 1);
    o.threshold = number();
    o.margin = small_size();
    return mv_crop_foreground(s->ctx, s->dst, s->src, &o);
}
static mv_status op_flip(step *s) { return mv_flip(s->ctx, s->dst, s->src, byte() & 0x1f); }
static mv_status op_permute(step *s) {
    int order[7], d;
    for (d = 0; d < 7; d++) order[d] = d;
    for (d = 0; d < 3; d++) {
        unsigned p = byte() % 7, q = byte() % 7;
        int t = order[p];
        order[p] = order[q], order[q] = t;
    }
    if (byte() > 250) order[0] = (int)byte() - 20;
    return mv_permute(s->ctx, s->dst, s->src, order);
}
static mv_status op_rot90(step *s) {
    int turns = (int)(signed char)byte(), from = (int)(byte() % 6) - 1, to = (int)(byte() % 6) - 1;
    return mv_rot90(s->ctx, s->dst, s->src, turns, from, to);
}
static mv_status op_reorient(step *s) {
    char code[4];
    int d;
    for (d = 0; d < 3; d++) code[d] = "RASLPIrx"[byte() % 8];
    code[3] = 0;
    return mv_reorient(s->ctx, s->dst, s->src, code, NULL);
}
static mv_status op_view(step *s) { /* a view, turned over */
    size_t start[7], size[7];
    mv_volume view;
    mv_status st;
    box(start, size);
    st = mv_volume_view(s->ctx, &view, s->src, start, size);
    if (st == MEDVOL_OK) st = mv_flip(s->ctx, s->dst, &view, byte() & 7);
    return st;
}
static mv_status op_resample(step *s) {
    mv_resample_opt o;
    size_t shape[7], unused[7];
    double m[12];
    int d;
    memset(&o, 0, sizeof o);
    o.interp = (mv_interp)(byte() % 6);
    o.border = (mv_border)(byte() % 6);
    o.grid = (mv_grid)(byte() % 6);
    o.shape = (mv_shape_rule)(byte() % 5);
    o.antialias = (int)(byte() & 1);
    if (byte() & 1) o.value = number();
    if (byte() & 1) o.a = number(), o.lobes = (int)(byte() % 12) - 1;
    if (byte() & 1) o.dtype = type();
    s->exact = o.interp == MEDVOL_NEAREST;
    box(shape, unused);
    for (d = 0; d < 12; d++) m[d] = number();
    if (s->op == 14) return mv_resample_spacing(s->ctx, s->dst, s->src, m, &o);
    if (s->op < 17) return mv_resample_shape(s->ctx, s->dst, s->src, shape, &o);
    if (byte() & 1) /* axis by axis */
        for (d = 0; d < 12; d++)
            if (d % 4 != 3 && d % 5) m[d] = 0.0;
    return mv_resample_affine(s->ctx, s->dst, s->src, m, shape, &o);
}
static mv_status op_znorm(step *s) {
    mv_znorm_opt o;
    memset(&o, 0, sizeof o);
    o.nonzero = (int)(byte() & 1), o.sample = (int)(byte() & 1), o.split = (int)(byte() % 9) - 1;
    if (byte() & 1) o.given_mean = 1, o.mean = number();
    if (byte() & 1) o.given_sd = 1, o.sd = number();
    if (byte() & 1) o.mask = s->src;
    return mv_znorm(s->ctx, s->dst, s->src, &o);
}
static mv_status op_rescale(step *s) {
    mv_rescale_opt o;
    double lo, hi;
    memset(&o, 0, sizeof o);
    o.nonzero = (int)(byte() & 1), o.clip = (int)(byte() & 1), o.range = (int)(byte() % 4);
    o.split = (int)(byte() % 9) - 1;
    o.lo = number() * 10, o.hi = number() * 10;
    lo = number(), hi = number();
    return mv_rescale(s->ctx, s->dst, s->src, lo, hi, &o);
}
static mv_status op_linear(step *s) {
    double a = number(), b = number();
    return mv_linear(s->ctx, s->dst, s->src, a, b);
}
static mv_status op_clamp(step *s) {
    double lo = number() * 40, hi = number() * 40;
    return mv_clamp(s->ctx, s->dst, s->src, lo, hi);
}
static mv_status op_threshold(step *s) {
    mv_threshold_opt o;
    double lo, hi;
    memset(&o, 0, sizeof o);
    o.binary = (int)(byte() & 1), o.open = (int)(byte() & 1);
    o.below = number(), o.above = number();
    lo = number() * 40, hi = number() * 40;
    return mv_threshold(s->ctx, s->dst, s->src, lo, hi, &o);
}
static mv_status op_gamma(step *s) {
    mv_gamma_opt o;
    memset(&o, 0, sizeof o);
    o.mode = (int)(byte() % 4), o.split = (int)(byte() % 9) - 1;
    return mv_gamma(s->ctx, s->dst, s->src, number(), &o);
}
static mv_status op_stats(step *s) {
    mv_statistics of[64];
    mv_stats_opt o;
    mv_status st;
    int d;
    memset(&o, 0, sizeof o);
    memset(of, 0, sizeof of);
    o.nonzero = (int)(byte() & 1);
    if (byte() & 1) o.mask = s->src;
    d = (int)(byte() % 9) - 1;
    if (d < 1 || d > 7 || (s->src->ndim >= d && s->src->dim[d - 1] <= 64)) o.split = d;
    st = mv_stats(s->ctx, of, s->src, &o);
    if (st == MEDVOL_OK) {
        size_t parts = o.split > 0 && o.split <= s->src->ndim ? s->src->dim[o.split - 1] : 1;
        s->hash = hash(s->hash, of, sizeof of[0] * parts);
    }
    return st;
}
static mv_status op_percentiles(step *s) {
    double q[4], out[4];
    mv_percentile_opt o;
    mv_status st;
    int i;
    memset(&o, 0, sizeof o);
    memset(out, 0, sizeof out);
    o.nonzero = (int)(byte() & 1), o.rule = (int)(byte() % 6);
    if (byte() & 1) o.mask = s->src;
    for (i = 0; i < 4; i++) q[i] = number() * 12;
    st = mv_percentiles(s->ctx, out, s->src, q, byte() % 5, &o);
    if (st == MEDVOL_OK && s->op == 26) s->hash = hash(s->hash, out, sizeof out[0]);
    return st;
}
static mv_status op_histogram(step *s) {
    uint64_t counts[50];
    double x;
    mv_hist hist;
    mv_histogram_opt o;
    mv_status st;
    memset(&hist, 0, sizeof hist);
    memset(&o, 0, sizeof o);
    hist.counts = counts;
    hist.bins = byte() % 51;
    o.nonzero = (int)(byte() & 1), o.clamp = (int)(byte() & 1);
    o.lo = number() * 30, o.hi = number() * 30;
    st = mv_histogram(s->ctx, &hist, s->src, &o);
    if (st == MEDVOL_OK) {
        s->hash = hash(s->hash, counts, hist.bins * sizeof counts[0]);
        if (mv_otsu(s->ctx, &x, &hist) == MEDVOL_OK) MUST(x >= hist.lo && x <= hist.hi);
    }
    return st;
}
/* The place in this table is the byte of a seed: new operations go to the end. */
static mv_status (*const ops[30])(step *) = {op_copy, op_convert, op_convert, op_crop, op_pad, op_pad,
    op_crop_or_pad, op_foreground, op_flip, op_flip, op_permute, op_permute, op_rot90, op_reorient,
    op_resample, op_resample, op_resample, op_resample, op_resample, op_znorm, op_rescale, op_linear,
    op_clamp, op_threshold, op_gamma, op_stats, op_percentiles, op_percentiles, op_histogram, op_view};
static mv_status one(step *s) {
    s->op = byte() % 30;
    s->exact = 1;
    return ops[s->op](s);
}

/* ---- runs ---- */
static void begin(mv_ctx *ctx, int level, int threads) {
    mv_ctx_desc d;
    memset(&d, 0, sizeof d);
    d.threads = threads;
    d.mem_alloc = count_alloc;
    d.mem_free = count_free;
    made = (size_t)1 << 30; /* none fails here */
    MUST(mv_ctx_init(ctx, &d) == MEDVOL_OK);
    mv_level_force(level);
    made = 0;
}
/* One operation on src, into a new volume, one that has memory, or in place. */
static void turn(step *s, mv_volume *src) {
    size_t before = blocks;
    uint64_t was = hash_volume(0, src);
    unsigned style = byte() % 4;
    mv_volume own, keep;
    mv_status st;
    memset(&own, 0, sizeof own);
    if (style == 1 && mv_volume_copy(s->ctx, &own, src) < 0) style = 0;
    s->src = src;
    s->dst = style == 2 ? src : &own;
    keep = *s->dst;
    s->ctx->error.text[0] = 0;
    st = one(s);
    if (st < 0) {
        MUST(st > -64 && s->ctx->error.code == st && s->ctx->error.text[0]);
        MUST(!memcmp(s->dst, &keep, sizeof keep));
    }
    if (style != 2) MUST(hash_volume(0, src) == was);
    if (st == MEDVOL_OK && s->dst->data) s->hash = hash_volume(s->hash, s->dst);
    s->hash = hash(s->hash, &st, sizeof st);
    mv_volume_free(s->ctx, &own);
    MUST(style == 2 || blocks == before);
}
/* One run of the input: returns a checksum of everything that came out. */
static uint64_t play(const uint8_t *p, size_t n, int level, int threads, int *exact) {
    mv_ctx ctx;
    mv_volume src;
    step s;
    int k;
    memset(&s, 0, sizeof s);
    memset(&src, 0, sizeof src);
    begin(&ctx, level, threads);
    at = p, end = p + n;
    s.ctx = &ctx;
    s.hash = 0xcbf29ce484222325u;
    *exact = 1;
    if (source(&ctx, &src) == MEDVOL_OK)
        for (k = 0; k < 4 && at < end; k++) {
            turn(&s, &src);
            *exact = *exact && s.exact;
        }
    mv_volume_free(&ctx, &src);
    mv_ctx_free(&ctx);
    MUST(blocks == 0);
    return s.hash;
}
int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n) {
    int level, threads, exact, again;
    uint64_t a, b;
    if (n < 3) return 0;
    level = p[0] % 4 + 1;
    threads = p[0] & 0x40 ? 2 : 1;
    fail_at = p[0] & 0x80 ? (size_t)p[1] % 16 + 1 : 0;
    a = play(p + 2, n - 2, level, threads, &exact);
    fail_at = 0;
    if (!(p[0] & 0x80)) {
        b = play(p + 2, n - 2, exact ? 1 : level, 1, &again);
        MUST(a == b);
    }
    return 0;
}
