/* rows_grappa.c - GRAPPA: kernels of 8 coils fitted to 24 lines and applied to pictures of side x side, and
   to volumes of side / 2 x side / 8 x side / 8. */
#define BENCH_MARK_CALLS
#include "bench.h"

enum { COILS = 8 };
/* own: the kernels; aux[0]: k-space, three waves, of each coil with phases of its own; aux[1]: calibration */
static void waves(mv_volume *v, size_t sy, size_t sz) {
    const size_t nx = v->dim[0], ny = v->dim[1], nz = v->dim[2];
    float *p = (float *)v->data;
    size_t x, y, z, c;
    for (c = 0; c < COILS; c++)
        for (z = 0; z < nz; z++)
            for (y = 0; y < ny; y++)
                for (x = 0; x < nx; x++, p += 2) {
                    double re = 0, im = 0;
                    int k;
                    for (k = 0; k < 3; k++) {
                        const double a = (0.7 + k) * (double)x + (0.3 + 1.9 * k) * (double)(y + sy) +
                            (1.1 - k) * (double)(z + sz) + (double)(c * c * (size_t)(k + 1));
                        re += cos(a), im += sin(a);
                    }
                    p[0] = (float)re, p[1] = (float)im;
                }
}
static mv_status setup(bench *b, size_t nx, size_t ny, size_t nz, size_t ry, size_t rz, size_t shift) {
    const size_t dim[4] = {nx, ny, nz, COILS};
    const size_t calib[4] = {nx, ry > 2 ? 30 : 24, nz > 1 ? 16 : 1, COILS};
    mv_grappa *g = (mv_grappa *)calloc(1, sizeof *g);
    mv_grappa_opt o = {0};
    mv_status st;
    if (!(b->own = g)) return MEDVOL_E_NOMEM;
    st = mv_volume_alloc(b->ctx, &b->aux[0], MEDVOL_C64, 4, dim);
    if (st >= 0) st = mv_volume_alloc(b->ctx, &b->aux[1], MEDVOL_C64, 4, calib);
    if (st < 0) return st;
    waves(&b->aux[0], 0, 0);
    waves(&b->aux[1], 100, 100);
    o.accel[0] = ry, o.accel[1] = rz, o.shift = shift;
    o.lambda = 1e-8;
    return mv_grappa_init(b->ctx, g, &b->aux[1], NULL, &o);
}
static void done(bench *b) {
    if (b->own) mv_grappa_free(b->ctx, (mv_grappa *)b->own);
    free(b->own);
}
static size_t least(size_t n) { return n < 16 ? 16 : n; }
static mv_status twice(bench *b) { return setup(b, b->side, least(b->side), 1, 2, 1, 0); }
static mv_status four_times(bench *b) { return setup(b, b->side, least(b->side), 1, 4, 1, 0); }
static mv_status caipi(bench *b) {
    return setup(b, least(b->side / 2), least(b->side / 8), least(b->side / 8), 2, 2, 1);
}
static mv_status execute(bench *b) {
    return mv_grappa_execute(b->ctx, (const mv_grappa *)b->own, &b->out, &b->aux[0]);
}
static int check(bench *b) { /* in the middle what was known is found again */
    const mv_volume *v = &b->out, *w = &b->aux[0];
    double wrong = 0, all = 0;
    size_t x, y, i;
    for (y = v->dim[1] / 2 - 4; y < v->dim[1] / 2 + 4; y++)
        for (x = v->dim[0] / 4; x < v->dim[0] / 4 * 3; x++) {
            i = x + v->dim[0] * (y + v->dim[1] * (v->dim[2] / 2));
            wrong += pow((double)((float *)v->data)[2 * i] - (double)((float *)w->data)[2 * i], 2);
            all += pow((double)((float *)w->data)[2 * i], 2);
        }
    return !(sqrt(wrong) <= 1e-3 * sqrt(all));
}
static mv_status fit(bench *b) {
    mv_grappa g;
    mv_grappa_opt o = {0};
    mv_status st;
    o.accel[0] = 2;
    st = mv_grappa_init(b->ctx, &g, &b->aux[1], NULL, &o);
    if (st == MEDVOL_OK) st = mv_grappa_kernel(b->ctx, &g, 1, 0, NULL, NULL);
    b->numbers = 1;
    b->number[0] = (double)g.coils;
    mv_grappa_free(b->ctx, &g);
    return st;
}
static double want_coils(const bench *b, size_t i) { return (void)b, (void)i, COILS; }
static mv_status recon(bench *b) {
    mv_grappa_opt o = {0};
    o.accel[0] = 2;
    o.lambda = 1e-8;
    return mv_grappa_recon(b->ctx, &b->out, &b->aux[0], &b->aux[1], NULL, &o);
}

/* Work: a complex multiply-add for each missing point, coil and neighbour: 5 x 4 (x 4) of each coil. Fit: of
   each place in the calibration region the lower half of its outer product and that with the points, in
   doubles, then Cholesky of the sum and its two triangles. */
static double work_of(const bench *b, double r, double around) {
    return 4 * (1 - 1 / r) * (double)mv_volume_count(&b->aux[0]) * around * COILS;
}
static double work_twice(const bench *b) { return work_of(b, 2, 20); }
static double work_four(const bench *b) { return work_of(b, 4, 20); }
static double work_caipi(const bench *b) { return work_of(b, 4, 80); }
static double work_fit(const bench *b) {
    const double n = 20 * COILS, places = ((double)b->aux[1].dim[0] - 4) * ((double)b->aux[1].dim[1] - 6);
    return 8 * (places * (n * n / 2 + n * COILS) + n * n * n / 6 + n * n * COILS);
}
static double work_recon(const bench *b) { return work_twice(b) + work_fit(b); }

#define ROW(name, call, right, bytes, some, how)                                                             \
    {name, MEDVOL_F32, call, .check = right, .floor = bytes, .work = some, .setup = how, .done = done}
const bench_row rows_grappa[] = {
    ROW("grappa 2-D, 8 coils, R = 2", execute, check, "c", work_twice, twice),
    ROW("grappa 2-D, 8 coils, R = 4", execute, check, "c", work_four, four_times),
    ROW("grappa 3-D, 8 coils, CAIPI 2 x 2", execute, check, "c", work_caipi, caipi),
    {"grappa fit, 8 coils, 24 lines", MEDVOL_F32, fit, want_coils, .floor = "b", .work = work_fit,
        .setup = twice, .done = done},
    ROW("grappa in one call, R = 2", recon, check, "bc", work_recon, twice),
    {0},
};
#undef ROW
