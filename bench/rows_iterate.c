/* rows_iterate.c - images of side x side voxels from eight coils, with a term that knows what images are like;
   the parts of that. */
#define BENCH_MARK_CALLS
#include "bench.h"

enum { COILS = 8, SPOKES = 64 };
typedef struct own {
    mv_volume mask, traj;
    mv_encoding_desc desc;
    mv_encoding enc;
    mv_operator op;
} own;
/* aux[0]: k-space of an image; aux[1]: maps of unit length; aux[2]: that image, from the input */
static mv_status setup(bench *b, int radial) {
    const size_t n = b->side, dim[4] = {n, n, 1, COILS}, traj[3] = {3, 2 * n, SPOKES};
    own *o = (own *)calloc(1, sizeof *o);
    const float *p = (const float *)b->in.data + n * n * (n / 2);
    uint32_t seed = 1;
    size_t i, c;
    mv_status st;
    if (!(b->own = o)) return MEDVOL_E_NOMEM;
    st = mv_volume_alloc(b->ctx, &b->aux[1], MEDVOL_C64, 4, dim);
    if (st >= 0) st = mv_volume_alloc(b->ctx, &b->aux[2], MEDVOL_C64, 3, dim);
    if (st >= 0) st = mv_volume_alloc(b->ctx, &o->mask, MEDVOL_F32, 2, dim);
    if (st >= 0) st = mv_volume_alloc(b->ctx, &o->traj, MEDVOL_F64, 3, traj);
    if (st < 0) return st;
    for (i = 0; i < n * n; i++) {
        float *q = (float *)b->aux[1].data + 2 * i;
        const size_t row = i / n;
        double sum = 0, m;
        for (c = 0; c < COILS; c++) {
            const double e = 6.283185307179586477 * (double)c / COILS;
            const double x = (double)(i % n) / (double)n - 0.5 - 0.7 * cos(e),
                         y = (double)row / (double)n - 0.5 - 0.7 * sin(e);
            m = 1 / (0.2 + x * x + y * y), sum += m * m;
            q[2 * n * n * c] = (float)(m * cos(2 * x + e)),
                          q[2 * n * n * c + 1] = (float)(m * sin(2 * x + e));
        }
        for (c = 0; c < COILS; c++)
            q[2 * n * n * c] /= (float)sqrt(sum), q[2 * n * n * c + 1] /= (float)sqrt(sum);
        ((float *)b->aux[2].data)[2 * i] = p[i],
                                      ((float *)b->aux[2].data)[2 * i + 1] = 0.5f * p[n * n - 1 - i];
        seed = seed * 1664525u + 1013904223u; /* two in five by chance, and the centre */
        ((float *)o->mask.data)[i] =
            (float)(seed >> 16 < 26214 || (labs((long)(i % n) - (long)(n / 2)) < (long)(n / 16 + 2) &&
                                           labs((long)(i / n) - (long)(n / 2)) < (long)(n / 16 + 2)));
    }
    for (i = 0; i < 2 * n * SPOKES; i++) { /* golden angles, twice oversampled */
        const size_t spoke = i / (2 * n);
        const double a = 1.9416110387254666 * (double)spoke,
                     r = ((double)(i % (2 * n)) - (double)n + 0.5) / 2;
        double *k = (double *)o->traj.data + 3 * i;
        k[0] = r * cos(a), k[1] = r * sin(a), k[2] = 0;
    }
    o->desc.maps = &b->aux[1];
    if (radial) o->desc.traj = &o->traj;
    else o->desc.mask = &o->mask;
    st = mv_encoding_init(b->ctx, &o->enc, &o->desc);
    if (st >= 0) st = mv_encoding_operator(b->ctx, &o->enc, &o->op);
    return st < 0 ? st : mv_encoding_forward(b->ctx, &o->enc, &b->aux[0], &b->aux[2]);
}
static mv_status cartesian(bench *b) { return setup(b, 0); }
static mv_status radial(bench *b) { return setup(b, 1); }
static void done(bench *b) {
    own *o = (own *)b->own;
    if (!o) return;
    mv_encoding_free(b->ctx, &o->enc);
    mv_volume_free(b->ctx, &o->mask), mv_volume_free(b->ctx, &o->traj);
    free(o);
}
static mv_status recon(bench *b, int kind, double lambda, int steps) {
    mv_recon_opt o = {0};
    mv_reg r = {0};
    r.kind = kind, r.lambda = lambda;
    o.solve.iterations = steps;
    if (kind) o.solve.regs = &r, o.solve.reg_count = 1;
    else o.solve.lambda = lambda;
    return mv_recon(b->ctx, &b->out, &b->aux[0], &((own *)b->own)->desc, &o);
}
static mv_status l2(bench *b) { return recon(b, 0, 0.001, 30); }
static mv_status wavelet(bench *b) { return recon(b, MEDVOL_REG_WAVELET, 0.002, 50); }
static mv_status wavelet_long(bench *b) { return recon(b, MEDVOL_REG_WAVELET, 0.002, 100); }
static mv_status variation(bench *b) { return recon(b, MEDVOL_REG_TV, 0.002, 50); }
/* solvers on arrays, the result in a volume */
static mv_status solve(bench *b, int solver) {
    own *w = (own *)b->own;
    mv_solve_opt o = {0};
    mv_reg r = {0};
    const float *y = (const float *)b->aux[0].data;
    float *x;
    r.kind = MEDVOL_REG_L1, r.lambda = 1e-3;
    o.iterations = 10, o.lambda = 0.001, o.norm = w->enc.norm, o.ndim = 2, o.dim[0] = o.dim[1] = b->side;
    o.regs = &r, o.reg_count = solver > MEDVOL_SOLVER_LSMR;
    if (!b->out.data) {
        const mv_status st = mv_volume_alloc(b->ctx, &b->out, MEDVOL_C64, 3, b->aux[2].dim);
        if (st < 0) return st;
    }
    x = (float *)b->out.data;
    switch (solver) {
        case MEDVOL_SOLVER_CG: return mv_solve_cg(b->ctx, x, &w->op, y, &o);
        case MEDVOL_SOLVER_LSMR: return mv_solve_lsmr(b->ctx, x, &w->op, y, &o);
        case MEDVOL_SOLVER_FISTA: return mv_solve_fista(b->ctx, x, &w->op, y, &o);
        case MEDVOL_SOLVER_ADMM: return mv_solve_admm(b->ctx, x, &w->op, y, &o);
        default: return mv_solve_pdhg(b->ctx, x, &w->op, y, &o);
    }
}
static mv_status cg(bench *b) { return solve(b, MEDVOL_SOLVER_CG); }
static mv_status lsmr(bench *b) { return solve(b, MEDVOL_SOLVER_LSMR); }
static mv_status fista(bench *b) { return solve(b, MEDVOL_SOLVER_FISTA); }
static mv_status admm(bench *b) { return solve(b, MEDVOL_SOLVER_ADMM); }
static mv_status pdhg(bench *b) { return solve(b, MEDVOL_SOLVER_PDHG); }
static mv_status forward(bench *b) {
    return mv_encoding_forward(b->ctx, &((own *)b->own)->enc, &b->out, &b->aux[2]);
}
static mv_status adjoint(bench *b) {
    return mv_encoding_adjoint(b->ctx, &((own *)b->own)->enc, &b->out, &b->aux[0]);
}
static mv_status normal(bench *b) {
    return mv_encoding_normal(b->ctx, &((own *)b->own)->enc, &b->out, &b->aux[2]);
}
static mv_status weigh(bench *b) {
    return mv_encoding_weigh(b->ctx, &((own *)b->own)->enc, &b->out, &b->aux[0]);
}
static mv_status make(bench *b) { /* and its operator, which costs nothing; mv_operator_check */
    own *w = (own *)b->own;
    mv_encoding e;
    mv_status st = mv_encoding_init(b->ctx, &e, &w->desc);
    if (st < 0) return st;
    st = mv_encoding_operator(b->ctx, &e, &w->op);
    if (st >= 0) st = mv_operator_check(b->ctx, &w->op, &(mv_operator_check_opt){0, 1, 0, b->number});
    mv_encoding_free(b->ctx, &e);
    b->numbers = 2;
    if (st >= 0) st = mv_encoding_operator(b->ctx, &w->enc, &w->op);
    return st;
}
static mv_status split(bench *b) { return mv_wavelet_forward(b->ctx, &b->out, &b->aux[2], NULL); }
static mv_status join(bench *b) { return mv_wavelet_inverse(b->ctx, &b->out, &b->aux[2], NULL); }
static mv_status prox(bench *b) {
    mv_reg r = {0};
    r.kind = MEDVOL_REG_WAVELET, r.lambda = 0.1;
    return mv_prox(b->ctx, &b->out, &b->aux[2], &r, 1);
}
static mv_status value(bench *b) {
    mv_reg r = {0};
    r.kind = MEDVOL_REG_TV, r.lambda = 1;
    b->numbers = 1;
    return mv_reg_value(b->ctx, b->number, &b->aux[2], &r);
}
/* sum over conj(a) b, its real part */
static double dot(const mv_volume *a, const mv_volume *b) {
    const float *p = (const float *)a->data, *q = (const float *)b->data;
    const size_t n = 2 * mv_volume_count(a);
    double s = 0;
    size_t i;
    for (i = 0; i < n; i++) s += (double)p[i] * (double)q[i];
    return s;
}
static int apart(const bench *b, double tolerance) { /* up to a factor */
    const double x = dot(&b->aux[2], &b->aux[2]), y = dot(&b->out, &b->out), xy = dot(&b->out, &b->aux[2]);
    return !(1 - xy * xy / x / y <= tolerance * tolerance);
}
static int check_image(bench *b) { return apart(b, 0.5); }
static int check_same(bench *b) { return memcmp(b->out.data, b->aux[0].data, bench_bytes(&b->out)) != 0; }
static int check_gram(bench *b) { /* <x, E^H E x> = |E x|^2 */
    const double was = dot(&b->aux[0], &b->aux[0]);
    return !(fabs(dot(&b->aux[2], &b->out) - was) <= 1e-4 * was);
}
static int check_numbers(bench *b) { return !(b->number[0] >= 0 && b->number[0] < HUGE_VAL); }
static int check_length(bench *b) { /* orthonormal */
    const double was = dot(&b->aux[2], &b->aux[2]);
    return !(fabs(dot(&b->out, &b->out) - was) <= 1e-4 * was);
}
static int check_shrunk(bench *b) { return !(dot(&b->out, &b->out) <= dot(&b->aux[2], &b->aux[2]) * 1.0001); }

/* Work: a normal step takes transforms of each coil there and back (radial: four times each, at twice the
   length of both axes without what is zero), products with its map both ways; a wavelet transform 4 taps on
   both axes, of ever fewer, there and back; a few sums of images. */
static double voxels(const bench *b) { return (double)b->side * (double)b->side; }
static double work_step(const bench *b, double times, double sums) {
    return times * 2 * bench_fft(COILS * voxels(b), voxels(b)) + 2 * 4 * COILS * voxels(b) +
           sums * 2 * voxels(b);
}
static double work_normal(const bench *b) { return work_step(b, 1, 0); }
static double work_once(const bench *b) { return work_step(b, 0.5, 0); }
static double work_l2(const bench *b) { return 30 * work_step(b, 4, 5); }
static double work_wavelet(const bench *b) { return 50 * work_step(b, 4, 5 + 2 * 4 * 2 * 4 / 3.0); }
static double work_wavelet_long(const bench *b) { return 100 * work_step(b, 1, 5 + 2 * 4 * 2 * 4 / 3.0); }
static double work_variation(const bench *b) { return 50 * work_step(b, 1, 5 + 8); }
static double work_ten(const bench *b) { return 10 * work_step(b, 1, 5); }

#define ROW(name, run, right, bytes, some, how, times)                                                       \
    {name, MEDVOL_F32, run, .check = right, .floor = bytes, .work = some, .passes = times, .setup = how,     \
        .done = done, .most = 256}
const bench_row rows_iterate[] = {
    ROW("radial l2, 8 coils, 30 steps", l2, check_image, "abw", work_l2, radial, 31),
    ROW("radial wavelet, 8 coils, 50 steps", wavelet, check_image, "abw", work_wavelet, radial, 51),
    ROW("wavelet, 8 coils, 100 steps", wavelet_long, check_image, "abw", work_wavelet_long, cartesian, 101),
    ROW("total variation, 8 coils, 50 steps", variation, check_image, "abw", work_variation, cartesian, 51),
    ROW("solve cg, 8 coils, 10 steps", cg, check_image, "abw", work_ten, cartesian, 11),
    ROW("solve lsmr, 8 coils, 10 steps", lsmr, check_image, "abw", work_ten, cartesian, 11),
    ROW("solve fista, 8 coils, 10 steps", fista, check_image, "abw", work_ten, cartesian, 11),
    ROW("solve admm, 8 coils, 10 steps", admm, check_image, "abw", work_ten, cartesian, 11),
    ROW("solve pdhg, 8 coils, 10 steps", pdhg, check_image, "abw", work_ten, cartesian, 11),
    ROW("encoding forward, 8 coils", forward, check_same, "bdw", work_once, cartesian, 1),
    ROW("encoding adjoint, 8 coils", adjoint, check_gram, "abw", work_once, cartesian, 1),
    ROW("encoding normal, 8 coils", normal, check_gram, "bdw", work_normal, cartesian, 1),
    ROW("radial normal, 8 coils", normal, check_gram, "bdw", work_normal, radial, 1),
    ROW("encoding weigh, 8 coils", weigh, check_same, "aw", NULL, cartesian, 1),
    ROW("encoding made and checked", make, check_numbers, "b", NULL, cartesian, 1),
    ROW("wavelet forward", split, check_length, "dw", NULL, cartesian, 1),
    ROW("wavelet inverse", join, check_length, "dw", NULL, cartesian, 1),
    ROW("prox of a wavelet", prox, check_shrunk, "dw", NULL, cartesian, 1),
    ROW("value of a variation", value, check_numbers, "d", NULL, cartesian, 1),
    {0},
};
#undef ROW
