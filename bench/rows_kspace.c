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

const bench_row rows_kspace[] = {
    {"kspace window", MEDVOL_F32, window, want_window, 1e-6, .floor = "rm", .fma = 1},
    {"kspace resize, twice as wide", MEDVOL_F32, resize, want_resized, 0, .floor = "rw"},
    {0},
};
