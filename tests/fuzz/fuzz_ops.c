/* fuzz_ops.c - libFuzzer target: shapes, strides, types, affines and parameters of the public operations from bytes, valid or not.
   Whatever they are: a status, no leak, an unchanged destination on error, a sound result on success, and for what is exact
   the same bits at the chosen level with threads as at the scalar level without.
   clang -g -O1 -fsanitize=fuzzer,address,undefined -I. tests/fuzz/fuzz_ops.c -lm -lpthread -o build/fuzz_ops */
#define MEDVOL_IMPLEMENTATION
#define MEDVOL_NO_IO
#define MEDVOL_NO_GZIP
#include "medvol.h"
#include <string.h>

#define MUST(x) do { if (!(x)) __builtin_trap(); } while (0)
static size_t blocks, made, fail_at;
static void *count_alloc(void *user, size_t n) {
    void *p;
    (void)user;
    if (++made == fail_at || n > ((size_t)1 << 19)) return NULL;
    p = malloc(n);
    if (p) blocks++;
    return p;
}
static void count_free(void *user, void *p) {
    (void)user;
    if (p) blocks--;
    free(p);
}
static const uint8_t *at, *end;
static unsigned byte(void) { return at < end ? *at++ : 0; }
static size_t small_size(void) { /* mostly small, now and then absurd */
    unsigned b = byte();
    if (b < 0xe0) return b % 7;
    if (b < 0xf8) return b - 0xe0 + 7;
    return b == 0xff ? (size_t)-1 : b == 0xfe ? (size_t)1 << 62 : b == 0xfd ? (size_t)0x7fffffff : b * 40u;
}
static double number(void) {
    static const double odd[] = {0.0, -0.0, 1.0, -1.0, 0.5, 1e-300, 1e300, -1e300, 4.9e-324, 1e-7, 65504.0, 2147483648.0, 9.3e18, 1e-12};
    unsigned b = byte();
    if (b == 0xff) return (double)NAN;
    if (b == 0xfe) return HUGE_VAL;
    if (b == 0xfd) return -HUGE_VAL;
    if (b >= 0xe8) return odd[b % 14];
    return ((int)b - 100) / 16.0;
}
static mv_dtype type(void) {
    static const mv_dtype t[] = {MEDVOL_F32, MEDVOL_U8, MEDVOL_I16, MEDVOL_F64, MEDVOL_I8, MEDVOL_U16, MEDVOL_U32, MEDVOL_I32, MEDVOL_U64, MEDVOL_I64,
        MEDVOL_F16, MEDVOL_BF16, MEDVOL_C64, MEDVOL_C128, MEDVOL_RGB24, MEDVOL_RGBA32, MEDVOL_F128, MEDVOL_C256, MEDVOL_NONE, (mv_dtype)1};
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
/* One operation; *exact: the same bits are promised at every level. */
static mv_status one(mv_ctx *ctx, mv_volume *dst, const mv_volume *src, uint64_t *h, int *exact) {
    size_t a[7], b[7], i;
    int order[7], d;
    double x, y, six[12];
    unsigned op = byte() % 30;
    mv_status st;
    *exact = 1;
    switch (op) {
        case 0: return mv_volume_copy(ctx, dst, src);
        case 1: case 2: {
            mv_convert_opt o;
            mv_dtype t = type();
            memset(&o, 0, sizeof o);
            o.keep_scaling = (int)(byte() & 1);
            if (byte() & 1) o.slope = number(), o.inter = number();
            return mv_convert(ctx, dst, src, t, &o);
        }
        case 3: box(a, b); { mv_crop_opt o; o.clip = (int)(byte() & 1); return mv_crop(ctx, dst, src, a, b, &o); }
        case 4: case 5: {
            mv_pad_opt o;
            box(a, b);
            memset(&o, 0, sizeof o);
            o.mode = (mv_pad_mode)(byte() % 9);
            o.value = number();
            return mv_pad(ctx, dst, src, a, b, &o);
        }
        case 6: {
            mv_crop_or_pad_opt o;
            box(a, b);
            memset(&o, 0, sizeof o);
            o.rule = (mv_centre_rule)(byte() % 5);
            o.mode = (mv_pad_mode)(byte() % 9);
            return mv_crop_or_pad(ctx, dst, src, a, &o);
        }
        case 7: {
            mv_foreground_opt o;
            memset(&o, 0, sizeof o);
            o.above = (int)(byte() & 1);
            o.threshold = number();
            o.margin = small_size();
            return mv_crop_foreground(ctx, dst, src, &o);
        }
        case 8: case 9: return mv_flip(ctx, dst, src, byte() & 0x1f);
        case 10: case 11:
            for (d = 0; d < 7; d++) order[d] = d;
            for (d = 0; d < 3; d++) {
                unsigned p = byte() % 7, q = byte() % 7;
                int t = order[p];
                order[p] = order[q], order[q] = t;
            }
            if (byte() > 250) order[0] = (int)byte() - 20;
            return mv_permute(ctx, dst, src, order);
        case 12: d = (int)(signed char)byte(); order[0] = (int)(byte() % 6) - 1; return mv_rot90(ctx, dst, src, d, order[0], (int)(byte() % 6) - 1);
        case 13: {
            char code[4];
            for (d = 0; d < 3; d++) code[d] = "RASLPIrx"[byte() % 8];
            code[3] = 0;
            return mv_reorient(ctx, dst, src, code, NULL);
        }
        case 14: case 15: case 16: case 17: case 18: {
            mv_resample_opt o;
            memset(&o, 0, sizeof o);
            o.interp = (mv_interp)(byte() % 6);
            o.border = (mv_border)(byte() % 6);
            o.grid = (mv_grid)(byte() % 6);
            o.shape = (mv_shape_rule)(byte() % 5);
            o.antialias = (int)(byte() & 1);
            if (byte() & 1) o.value = number();
            if (byte() & 1) o.a = number(), o.lobes = (int)(byte() % 12) - 1;
            if (byte() & 1) o.dtype = type();
            *exact = o.interp == MEDVOL_NEAREST;
            box(a, b);
            for (d = 0; d < 12; d++) six[d] = number();
            if (op == 14) return mv_resample_spacing(ctx, dst, src, six, &o);
            if (op < 17) return mv_resample_shape(ctx, dst, src, a, &o);
            if (byte() & 1) for (d = 0; d < 12; d++) if (d % 4 != 3 && d % 5) six[d] = 0.0;
            return mv_resample_affine(ctx, dst, src, six, a, &o);
        }
        case 19: {
            mv_znorm_opt o;
            memset(&o, 0, sizeof o);
            o.nonzero = (int)(byte() & 1), o.sample = (int)(byte() & 1), o.split = (int)(byte() % 9) - 1;
            if (byte() & 1) o.given_mean = 1, o.mean = number();
            if (byte() & 1) o.given_sd = 1, o.sd = number();
            if (byte() & 1) o.mask = src;
            return mv_znorm(ctx, dst, src, &o);
        }
        case 20: {
            mv_rescale_opt o;
            memset(&o, 0, sizeof o);
            o.nonzero = (int)(byte() & 1), o.clip = (int)(byte() & 1), o.range = (int)(byte() % 4), o.split = (int)(byte() % 9) - 1;
            o.lo = number() * 10, o.hi = number() * 10;
            x = number(), y = number();
            return mv_rescale(ctx, dst, src, x, y, &o);
        }
        case 21: x = number(), y = number(); return mv_linear(ctx, dst, src, x, y);
        case 22: x = number() * 40, y = number() * 40; return mv_clamp(ctx, dst, src, x, y);
        case 23: {
            mv_threshold_opt o;
            memset(&o, 0, sizeof o);
            o.binary = (int)(byte() & 1), o.open = (int)(byte() & 1);
            o.below = number(), o.above = number();
            x = number() * 40, y = number() * 40;
            return mv_threshold(ctx, dst, src, x, y, &o);
        }
        case 24: {
            mv_gamma_opt o;
            memset(&o, 0, sizeof o);
            o.mode = (int)(byte() % 4), o.split = (int)(byte() % 9) - 1;
            x = number();
            return mv_gamma(ctx, dst, src, x, &o);
        }
        case 25: {
            mv_statistics s[64];
            mv_stats_opt o;
            memset(&o, 0, sizeof o);
            memset(s, 0, sizeof s);
            o.nonzero = (int)(byte() & 1);
            if (byte() & 1) o.mask = src;
            d = (int)(byte() % 9) - 1;
            if (d < 1 || d > 7 || (src->ndim >= d && src->dim[d - 1] <= 64)) o.split = d;
            st = mv_stats(ctx, s, src, &o);
            if (st == MEDVOL_OK) *h = hash(*h, s, sizeof s[0] * (o.split > 0 && o.split <= src->ndim ? src->dim[o.split - 1] : 1));
            return st;
        }
        case 26: case 27: {
            double q[4], out[4];
            mv_percentile_opt o;
            memset(&o, 0, sizeof o);
            o.nonzero = (int)(byte() & 1), o.rule = (int)(byte() % 6);
            if (byte() & 1) o.mask = src;
            for (i = 0; i < 4; i++) q[i] = number() * 12;
            st = mv_percentiles(ctx, out, src, q, byte() % 5, &o);
            if (st == MEDVOL_OK && op == 26) *h = hash(*h, out, sizeof out[0]);
            return st;
        }
        case 28: {
            uint64_t counts[50];
            mv_hist hist;
            mv_histogram_opt o;
            memset(&hist, 0, sizeof hist);
            memset(&o, 0, sizeof o);
            hist.counts = counts;
            hist.bins = byte() % 51;
            o.nonzero = (int)(byte() & 1), o.clamp = (int)(byte() & 1);
            o.lo = number() * 30, o.hi = number() * 30;
            st = mv_histogram(ctx, &hist, src, &o);
            if (st == MEDVOL_OK) {
                *h = hash(*h, counts, hist.bins * sizeof counts[0]);
                if (mv_otsu(ctx, &x, &hist) == MEDVOL_OK) MUST(x >= hist.lo && x <= hist.hi);
            }
            return st;
        }
        default: {
            mv_volume view;
            box(a, b);
            st = mv_volume_view(ctx, &view, src, a, b);
            if (st == MEDVOL_OK) st = mv_flip(ctx, dst, &view, byte() & 7);
            return st;
        }
    }
}
/* One run of the input: returns a checksum of everything that came out. */
static uint64_t play(const uint8_t *p, size_t n, int level, int threads, int *exact) {
    mv_ctx ctx;
    mv_ctx_desc d;
    mv_volume src, dst, keep;
    uint64_t h = 0xcbf29ce484222325u;
    unsigned style;
    int k, all = 1, one_exact;
    memset(&d, 0, sizeof d);
    d.threads = threads;
    d.mem_alloc = count_alloc;
    d.mem_free = count_free;
    made = (size_t)1 << 30; /* none fails here */
    MUST(mv_ctx_init(&ctx, &d) == MEDVOL_OK);
    mv_level_force(level);
    memset(&src, 0, sizeof src);
    at = p, end = p + n;
    made = 0;
    if (source(&ctx, &src) == MEDVOL_OK)
        for (k = 0; k < 4 && at < end; k++) {
            size_t before = blocks;
            uint64_t was = hash_volume(0, &src);
            mv_status st;
            style = byte() % 4;
            memset(&dst, 0, sizeof dst);
            if (style == 1 && mv_volume_copy(&ctx, &dst, &src) < 0) style = 0; /* a destination with memory of the source's shape */
            keep = style == 2 ? src : dst;
            ctx.error.text[0] = 0;
            st = style == 2 ? one(&ctx, &src, &src, &h, &one_exact) : one(&ctx, &dst, &src, &h, &one_exact);
            all = all && one_exact;
            if (st < 0) {
                const mv_volume *now = style == 2 ? &src : &dst;
                MUST(st > -64 && ctx.error.code == st && ctx.error.text[0]);
                MUST(!memcmp(now, &keep, sizeof keep));
            }
            if (style != 2) MUST(hash_volume(0, &src) == was);
            if (st == MEDVOL_OK && style == 2) h = hash_volume(h, &src);
            else if (st == MEDVOL_OK && dst.data) h = hash_volume(h, &dst);
            h = hash(h, &st, sizeof st);
            mv_volume_free(&ctx, &dst);
            MUST(style == 2 || blocks == before);
        }
    mv_volume_free(&ctx, &src);
    mv_ctx_free(&ctx);
    MUST(blocks == 0);
    *exact = all;
    return h;
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
