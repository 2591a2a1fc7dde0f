/* rows_bspline.c - images brought together by B-splines. The fixed image is the moving one taken through a
   known field, with noise and shading of its own; what counts is how far from the truth voxels end up. */
#define BENCH_MARK_CALLS
#include "bench.h"

static const double mm = 0.9;
/* aux[0]: moving; aux[1]: fixed; aux[2]: the fixed image without noise */
static size_t voxels(const bench *b) { return b->side * b->side * b->side; }
static double longest(const bench *b) { return 0.06 * (double)b->side; }
static double noise(size_t i) { /* standard deviation 1, of four bytes */
    uint64_t z = ((uint64_t)i + 1) * 0x9e3779b97f4a7c15u;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return (double)((z & 255) + (z >> 8 & 255) + (z >> 16 & 255) + (z >> 24 & 255)) / 147.8 - 3.45;
}
static mv_status setup(bench *b) {
    const double sigma[3] = {0.7, 0.7, 0.7};
    mv_transform by = {MEDVOL_TRANSFORM_FIELD, 0, {0}, NULL};
    mv_gaussian_opt o = {0};
    mv_volume field = {0};
    mv_status st;
    size_t i;
    o.voxels = 1;
    by.field = &field;
    st = mv_gaussian(b->ctx, &b->aux[0], &b->in, sigma, &o);
    if (st >= 0) st = bench_field(b, &field, longest(b), 0);
    if (st >= 0) st = mv_warp(b->ctx, &b->aux[2], &b->aux[0], &b->aux[0], &by, 1, NULL);
    if (st >= 0) st = mv_volume_copy(b->ctx, &b->aux[1], &b->aux[2]);
    mv_volume_free(b->ctx, &field);
    for (i = 0; st >= 0 && i < voxels(b); i++) {
        float *v = (float *)b->aux[1].data + i;
        const double x = (double)(i % b->side) / (double)b->side;
        *v = (float)(*v * (1 + 0.05 * cos(3 * x)) + 6.4 * noise(i));
        ((float *)b->aux[0].data)[i] += (float)(6.4 * noise(i + voxels(b)));
    }
    return st;
}
/* number[0 ...]: iterations of each level, the finest first */
static mv_status run(bench *b, mv_similarity metric) {
    mv_register_bspline_opt o = {0};
    mv_register_report report = {0};
    mv_volume points = {0};
    mv_status st;
    int k;
    o.metric = metric, o.field = &b->out;
    o.control.report = &report;
    st = mv_register_bspline(b->ctx, &points, &b->aux[1], &b->aux[0], &o);
    mv_volume_free(b->ctx, &points);
    for (k = 0; k < 16; k++) b->number[k] = k < report.levels ? report.iterations[k] + 1 : 0;
    b->numbers = 16;
    return st;
}
static mv_status squares(bench *b) { return run(b, MEDVOL_SSD); }
static mv_status correlation(bench *b) { return run(b, MEDVOL_NCC); }
static mv_status information(bench *b) { return run(b, MEDVOL_MI); }
enum { SAMPLES = 2000, EXACT = 100000, STEPS = 500 };
static mv_status stochastic(bench *b) {
    mv_register_bspline_opt o = {0};
    mv_register_report report = {0};
    mv_volume points = {0};
    mv_status st;
    o.optimizer = MEDVOL_OPTIMIZER_ASGD, o.asgd.number_of_spatial_samples = SAMPLES, o.field = &b->out;
    o.asgd.number_of_samples_for_exact_gradient = EXACT;
    o.grid[0] = o.grid[1] = o.grid[2] = 10; /* the field is that of the others */
    o.metric = MEDVOL_SSD, o.control.iterations = STEPS, o.control.report = &report;
    st = mv_register_bspline(b->ctx, &points, &b->aux[1], &b->aux[0], &o);
    mv_volume_free(b->ctx, &points);
    b->number[0] = report.levels, b->numbers = 1;
    return st;
}
static double error_of(const bench *b) { /* mean, in voxels, of the head's */
    const float *w = (const float *)b->out.data;
    double sum = 0, count = 0;
    size_t i;
    for (i = 0; i < voxels(b); i++) {
        double u[3], s = 0;
        size_t d;
        if (!(((const float *)b->aux[2].data)[i] > 150)) continue;
        bench_displaced(b, i, longest(b), 0, u);
        for (d = 0; d < 3; d++) s += pow(w[voxels(b) * d + i] / mm - u[d], 2);
        sum += sqrt(s), count++;
    }
    return sum / count;
}
static int check(bench *b) { return !(error_of(b) <= fmax(0.4, 0.005 * (double)b->side)); }
/* Multiply-adds a voxel and iteration: 12 for the field along a row and 12 back along y, 3 for either along
   the other axes with cells of 5, 19 for the voxel and its gradient, 12 for the sums and the slope; pyramids
   of both once. */
static double work(const bench *b) {
    double n = (double)voxels(b), all = 2 * 8 * n;
    int k;
    for (k = 0; k < 16; k++, n /= 8) all += b->number[k] * n * 61;
    return all;
}
/* Multiply-adds of a sample: 48 fours for the field, 48 for the slopes, 40 for weights, voxel and gradient; at
   a level 500 x 2000 samples, and for the length of steps two gradients and two energies of all. */
static double samples(const bench *b) {
    const double even = fmin((double)voxels(b), EXACT);
    return 2 * 16 * (double)voxels(b) + b->number[0] * (STEPS * (double)SAMPLES + 4 * even) * (4 * 96 + 40);
}
#define ROW(name, call)                                                                                      \
    {name, MEDVOL_F32, call, .check = check, .floor = "ab", .work = work, .setup = setup, .most = 128}
const bench_row rows_bspline[] = {
    ROW("register spline, squares", squares),
    ROW("register spline", correlation),
    ROW("register spline, information", information),
    {"register spline, stochastic", MEDVOL_F32, stochastic, .check = check, .floor = "ab", .work = samples,
     .setup = setup, .most = 128},
    {0},
};
#undef ROW
