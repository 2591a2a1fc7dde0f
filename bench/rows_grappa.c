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

const bench_row rows_grappa[] = {
    {"grappa 2-D, 8 coils, R = 2", MEDVOL_F32, execute, .check = check, .floor = "c", .setup = twice,
        .done = done},
    {"grappa 2-D, 8 coils, R = 4", MEDVOL_F32, execute, .check = check, .floor = "c", .setup = four_times,
        .done = done},
    {"grappa 3-D, 8 coils, CAIPI 2 x 2", MEDVOL_F32, execute, .check = check, .floor = "c", .setup = caipi,
        .done = done},
    {"grappa fit, 8 coils, 24 lines", MEDVOL_F32, fit, want_coils, .setup = twice, .done = done},
    {"grappa in one call, R = 2", MEDVOL_F32, recon, .check = check, .floor = "c", .setup = twice,
        .done = done},
    {0},
};
