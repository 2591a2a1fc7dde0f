/* rows_kspace.c - windows and shapes of k-space, masks, phantoms, partial Fourier. */
#define BENCH_MARK_CALLS
#include "bench.h"

/* ---- windows and shapes ---- */
static double hann(size_t i, size_t n) {
    return 0.5 + 0.5 * cos(3.14159265358979323846 * ((double)i - (double)(n / 2)) / ((double)n / 2));
}
static mv_status window(bench *b) { return mv_kspace_window(b->ctx, &b->out, &b->in, NULL); }
static double want_window(const bench *b, size_t i) {
    const size_t n = b->side;
    return bench_value(&b->in, i) * hann(i % n, n) * hann(i / n % n, n) * hann(i / n / n, n);
}
static mv_status resize(bench *b) {
    const size_t shape[3] = {2 * b->side, b->side, b->side};
    return mv_kspace_resize(b->ctx, &b->out, &b->in, shape);
}
static double want_resized(const bench *b, size_t i) {
    const size_t n = b->side, x = i % (2 * n) + n / 2;
    return x < n || x - n >= n ? 0 : bench_value(&b->in, i / (2 * n) * n + x - n);
}

/* ---- masks of side x side lines ---- */
static mv_status uniform(bench *b) {
    const size_t shape[3] = {1, b->side, b->side};
    mv_mask_uniform_opt o = {{2, 2}, {0, 0}, 1, {0, 0}};
    return mv_mask_uniform(b->ctx, &b->out, shape, &o);
}
static double want_uniform(const bench *b, size_t i) {
    const long c = (long)(b->side / 2), y = (long)(i % b->side) - c, z = (long)(i / b->side) - c;
    return y % 2 == 0 && (z - y / 2) % 2 == 0;
}
static mv_status poisson(bench *b) {
    const size_t shape[3] = {1, b->side, b->side};
    mv_mask_poisson_opt o = {0};
    o.accel = 6;
    return mv_mask_poisson(b->ctx, &b->out, shape, &o);
}
static mv_status golden(bench *b) {
    const size_t shape[3] = {1, b->side, b->side};
    return mv_mask_golden(b->ctx, &b->out, shape, NULL);
}
static int share_is(const bench *b, double share, double tolerance) {
    const float *p = (const float *)b->out.data;
    double n = 0, all = (double)mv_volume_count(&b->out);
    size_t i;
    for (i = 0; i < mv_volume_count(&b->out); i++) n += p[i] != 0;
    return !(fabs(n - all * share) <= tolerance * all * share + 1);
}
static int check_poisson(bench *b) { return share_is(b, 1.0 / 6, 0.021); }
static int check_golden(bench *b) { return share_is(b, 0.25, 0); }

const bench_row rows_kspace[] = {
    {"mask uniform", MEDVOL_F32, uniform, want_uniform},
    {"mask poisson", MEDVOL_F32, poisson, .check = check_poisson, .most = 512},
    {"mask golden", MEDVOL_F32, golden, .check = check_golden, .most = 512},
    {"kspace window", MEDVOL_F32, window, want_window, 1e-6, .floor = "rm", .fma = 1},
    {"kspace resize, twice as wide", MEDVOL_F32, resize, want_resized, 0, .floor = "rw"},
    {0},
};
