/* rows_filter.c - Gaussians, boxes, pyramids. The oracle sums all weights of one voxel in double. */
#define BENCH_MARK_CALLS
#include "bench.h"

/* ---- what is right ---- */
typedef struct taps {
    int n, clip;
    ptrdiff_t first; /* the first one's place, from the voxel's */
    double w[64];
} taps;
static taps gauss(double sigma, int even) { /* even: about the middle of voxels 0 and 1, eight of them */
    taps t = {0};
    const int r = (int)(4 * sigma + 0.5);
    double sum = 0;
    int k;
    t.n = even ? 8 : 2 * r + 1, t.first = even ? -3 : -r;
    for (k = 0; k < t.n; k++) {
        const double x = (double)(k + t.first) - (even ? 0.5 : 0);
        sum += t.w[k] = exp(-x * x / (2 * sigma * sigma));
    }
    for (k = 0; k < t.n; k++) t.w[k] /= sum;
    return t;
}
static taps box(int radius, int clip) {
    taps t = {0};
    int k;
    t.n = 2 * radius + 1, t.first = -radius, t.clip = clip;
    for (k = 0; k < t.n; k++) t.w[k] = 1.0 / t.n;
    return t;
}
/* the sum about voxel p of the image that starts at element `from`; the border goes on or, clipped, ends */
static double filtered(const mv_volume *v, size_t from, const size_t *p, const taps *t) {
    const ptrdiff_t n[3] = {(ptrdiff_t)v->dim[0], (ptrdiff_t)v->dim[1], (ptrdiff_t)v->dim[2]};
    ptrdiff_t at[3][64];
    double s = 0, there = 0;
    int d, i, j, k;
    for (d = 0; d < 3; d++)
        for (k = 0; k < t->n; k++) {
            const ptrdiff_t x = (ptrdiff_t)p[d] + t->first + k;
            at[d][k] = x >= 0 && x < n[d] ? x : t->clip ? -1 : x < 0 ? 0 : n[d] - 1;
        }
    for (k = 0; k < t->n; k++)
        for (j = 0; j < t->n; j++) {
            const size_t row = from + (size_t)n[0] * (size_t)(at[1][j] + n[1] * at[2][k]);
            if (at[1][j] < 0 || at[2][k] < 0) continue;
            for (i = 0; i < t->n; i++) {
                const double w = t->w[i] * t->w[j] * t->w[k];
                if (at[0][i] < 0) continue;
                s += w * bench_value(v, row + (size_t)at[0][i]), there += w;
            }
        }
    return s / there;
}
static double want_filtered(const bench *b, const mv_volume *v, size_t i, const taps *t) {
    const size_t n = b->side, p[3] = {i % n, i / n % n, i / n / n % n};
    return filtered(v, i / (n * n * n) * (n * n * n), p, t);
}

/* ---- smoothing ---- */
static mv_status smooth(bench *b, const mv_volume *src, double sigma) {
    const double voxels[3] = {sigma, sigma, sigma};
    mv_gaussian_opt o = {0};
    o.voxels = 1;
    return mv_gaussian(b->ctx, &b->out, src, voxels, &o);
}
#define GAUSS(name, from, sigma)                                                                             \
    static mv_status name(bench *b) { return smooth(b, from, sigma); }                                       \
    static double want_##name(const bench *b, size_t i) {                                                    \
        const taps t = gauss(sigma, 0);                                                                      \
        return want_filtered(b, from, i, &t);                                                                \
    }
GAUSS(gauss_1, &b->in, 1.0)
GAUSS(gauss_3, &b->in, 3.0)
GAUSS(gauss_field, &b->aux[0], 1.5)
static mv_status field(bench *b) { return bench_field(b, &b->aux[0], 0.03 * (double)b->side, 0); }
static mv_status mean(bench *b, size_t radius, int clip) {
    const size_t voxels[3] = {radius, radius, radius};
    mv_box_opt o = {0};
    o.clip = clip;
    return mv_box_mean(b->ctx, &b->out, &b->in, voxels, &o);
}
#define BOX(name, radius, clip)                                                                              \
    static mv_status name(bench *b) { return mean(b, radius, clip); }                                        \
    static double want_##name(const bench *b, size_t i) {                                                    \
        const taps t = box(radius, clip);                                                                    \
        return want_filtered(b, &b->in, i, &t);                                                              \
    }
BOX(box_2, 2, 0)
BOX(box_8, 8, 1)

/* ---- pyramids: own holds the levels, the first the input itself ---- */
enum { LEVELS = 8 };
static mv_status levels_setup(bench *b) {
    b->own = calloc(LEVELS, sizeof(mv_volume));
    return b->own ? MEDVOL_OK : MEDVOL_E_NOMEM;
}
static void levels_done(bench *b) {
    int k;
    for (k = 1; b->own && k < LEVELS; k++) mv_volume_free(b->ctx, (mv_volume *)b->own + k);
    free(b->own);
}
static mv_status pyramid(bench *b) {
    mv_volume *level = (mv_volume *)b->own;
    mv_pyramid_opt o = {0};
    size_t count;
    o.least = 8;
    level[0] = b->in;
    count = mv_pyramid_levels(level, &o);
    b->numbers = 1;
    b->number[0] = (double)count;
    return mv_pyramid(b->ctx, level, count < LEVELS ? count : LEVELS, level, &o);
}
static int check_pyramid(bench *b) { /* each level from the one before, some 500 voxels of it */
    const mv_volume *level = (const mv_volume *)b->own;
    const int count = (int)b->number[0];
    int k;
    if (count < 2 || count > LEVELS) return 1;
    for (k = 1; k < count; k++) {
        const size_t n = level[k - 1].dim[0], m = level[k].dim[0], total = mv_volume_count(&level[k]);
        const taps t = gauss(sqrt(3.0) / 2, n % 2 == 0);
        size_t i;
        if (m != (n + 1) / 2 || total != m * m * m) return 1;
        if (fabs(level[k].affine[0] - 0.9 * ldexp(1, k)) > 1e-9) return 1;
        for (i = 0; i < total; i += total / 500 + 1) {
            const size_t p[3] = {2 * (i % m), 2 * (i / m % m), 2 * (i / m / m)};
            if (!(fabs(bench_value(&level[k], i) - filtered(&level[k - 1], 0, p, &t)) <= 1e-3)) return 1;
        }
    }
    return 0;
}

/* Multiply-adds a voxel and axis: one a tap, or two sums of a box (one value in, one out), whatever its size;
   of a pyramid 8 taps of each half, quarter, eighth, and as much again of an eighth. */
const bench_row rows_filter[] = {
    {"gaussian sigma 1", MEDVOL_F32, gauss_1, want_gauss_1, 1e-6, .floor = "c", .fma = 27},
    {"gaussian sigma 1", MEDVOL_I16, gauss_1, want_gauss_1, 1e-6, .floor = "m", .fma = 27},
    {"gaussian sigma 3", MEDVOL_F32, gauss_3, want_gauss_3, 1e-6, .floor = "c", .fma = 75},
    {"gaussian sigma 1.5 of a field", MEDVOL_F32, gauss_field, want_gauss_field, 1e-6, .floor = "c",
        .fma = 39, .setup = field},
    {"box mean radius 2", MEDVOL_F32, box_2, want_box_2, 2e-6, .floor = "c", .fma = 6},
    {"box mean radius 2", MEDVOL_I16, box_2, want_box_2, 2e-6, .floor = "m", .fma = 6},
    {"box mean radius 8, clipped", MEDVOL_F32, box_8, want_box_8, 2e-6, .floor = "c", .fma = 6},
    {"pyramid", MEDVOL_F32, pyramid, .check = check_pyramid, .floor = "r", .fma = 8, .setup = levels_setup,
        .done = levels_done},
    {0},
};
