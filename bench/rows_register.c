/* rows_register.c - images brought together again. The fixed image is the moving one taken through a known
   map, with noise and shading of its own; what counts is how far from the truth the head's voxels end up. */
#define BENCH_MARK_CALLS
#include "bench.h"

static const double mm = 0.9;
enum { RIGID, AFFINE, OTHER, WARPED, EVEN };
/* aux[0]: moving; aux[1]: fixed; aux[2]: the fixed image without noise; own: the truth */
typedef struct truth {
    int kind;
    double map[12]; /* mm to mm */
} truth;
static size_t voxels(const bench *b) { return b->side * b->side * b->side; }
static double longest(const bench *b) { return 0.06 * (double)b->side; }
static double noise(size_t i) { /* standard deviation 1, of four bytes */
    uint64_t z = ((uint64_t)i + 1) * 0x9e3779b97f4a7c15u;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return (double)((z & 255) + (z >> 8 & 255) + (z >> 16 & 255) + (z >> 24 & 255)) / 147.8 - 3.45;
}
/* ten degrees about an axis along none of the three, through the middle, and three hundredths of the side
   along each; affine: 5 % wider along x, 4 % narrower along y, sheared by 3 % */
static void make_map(const bench *b, truth *t) {
    const double c = cos(0.174533), s = sin(0.174533), u[3] = {0.36, 0.48, 0.8};
    const double h = 0.5 * ((double)b->side - 1);
    double m[12], shape[12], back[12];
    int r, k;
    for (r = 0; r < 3; r++)
        for (k = 0; k < 3; k++) m[4 * r + k] = u[r] * u[k] * (1 - c) + (r == k ? c : 0);
    m[1] -= s * u[2], m[2] += s * u[1], m[4] += s * u[2];
    m[6] -= s * u[0], m[8] -= s * u[1], m[9] += s * u[0];
    m[3] = m[7] = m[11] = 0;
    mv_affine_identity(shape);
    if (t->kind == AFFINE) shape[0] = 1.05, shape[5] = 0.96, shape[1] = 0.03;
    mv_affine_mul(m, m, shape);
    for (r = 0; r < 3; r++)
        m[4 * r + 3] = h * (1 - m[4 * r] - m[4 * r + 1] - m[4 * r + 2]) + (r - 1.5) * 0.03 * (double)b->side;
    mv_affine_invert(back, b->in.affine);
    mv_affine_mul(t->map, b->in.affine, m);
    mv_affine_mul(t->map, t->map, back);
}
static mv_status setup(bench *b, int kind) {
    truth *t = (truth *)calloc(1, sizeof *t);
    const double sigma[3] = {0.7, 0.7, 0.7};
    mv_transform by = {MEDVOL_TRANSFORM_AFFINE, 0, {0}, NULL};
    mv_gaussian_opt o = {0};
    mv_volume field = {0};
    mv_status st;
    size_t i;
    if (!(b->own = t)) return MEDVOL_E_NOMEM;
    t->kind = kind;
    make_map(b, t);
    memcpy(by.affine, t->map, sizeof by.affine);
    o.voxels = 1;
    st = mv_gaussian(b->ctx, &b->aux[0], &b->in, sigma, &o);
    if (st >= 0 && (kind == WARPED || kind == EVEN)) {
        st = bench_field(b, &field, longest(b), 0);
        by.kind = MEDVOL_TRANSFORM_FIELD, by.field = &field;
    }
    if (st >= 0) st = mv_warp(b->ctx, &b->aux[2], &b->aux[0], &b->aux[0], &by, 1, NULL);
    if (st >= 0) st = mv_volume_copy(b->ctx, &b->aux[1], &b->aux[2]);
    mv_volume_free(b->ctx, &field);
    for (i = 0; st >= 0 && i < voxels(b); i++) {
        float *v = (float *)b->aux[1].data + i;
        const double x = (double)(i % b->side) / (double)b->side;
        if (kind == OTHER) *v = 700 * expf(*v / -250);
        *v = (float)(*v * (1 + (kind == EVEN ? 0 : 0.05 * cos(3 * x))) + 6.4 * noise(i));
        ((float *)b->aux[0].data)[i] += (float)(6.4 * noise(i + voxels(b)));
    }
    return st;
}
static mv_status rigid_setup(bench *b) { return setup(b, RIGID); }
static mv_status affine_setup(bench *b) { return setup(b, AFFINE); }
static mv_status other_setup(bench *b) { return setup(b, OTHER); }
static mv_status warped_setup(bench *b) { return setup(b, WARPED); }
static mv_status even_setup(bench *b) { return setup(b, EVEN); } /* without shading */
static void done(bench *b) { free(b->own); }
/* number[12 ...]: iterations of each level, the finest first */
static void note(bench *b, const mv_register_report *r) {
    int k;
    for (k = 0; k < 16; k++) b->number[12 + k] = k < r->levels ? r->iterations[k] : 0;
}
static mv_status affine_of(bench *b, mv_model model, mv_similarity metric) {
    mv_register_affine_opt o = {0};
    mv_register_report report = {0};
    mv_status st;
    o.model = model, o.metric = metric;
    o.control.report = &report;
    st = mv_register_affine(b->ctx, b->number, &b->aux[1], &b->aux[0], &o);
    b->numbers = 28;
    note(b, &report);
    return st;
}
static mv_status rigid(bench *b) { return affine_of(b, MEDVOL_RIGID, MEDVOL_NCC); }
static mv_status affine(bench *b) { return affine_of(b, MEDVOL_AFFINE, MEDVOL_NCC); }
static mv_status information(bench *b) { return affine_of(b, MEDVOL_RIGID, MEDVOL_MI); }
/* the way alone: points of variances 100, 80, 60 that an affine has moved, mean squared distance */
static const double brought[12] = {1.02, -0.17, 0.05, 3, 0.16, 0.97, 0.02, -2, -0.04, 0.03, 1.05, 1};
static mv_status points_level(void *user, int level, mv_register_frame *frame) {
    int d;
    (void)user, (void)level;
    for (d = 0; d < 3; d++) frame[0].n[d] = 21, frame[0].affine[4 * d + 3] = -10;
    return MEDVOL_OK;
}
static mv_status points_look(void *user, const double *t, const double *back, int count,
                             mv_register_score *score, mv_register_normal *normal) {
    static const double square[4] = {1, 100, 80, 60}, unit[4] = {1, 1 / 10.5, 1 / 10.5, 1 / 10.5};
    int n, d, i, j, k;
    (void)user, (void)back;
    for (n = 0; n < count; n++) {
        score[n].overlap = 1;
        for (d = 0; d < 3; d++)
            for (k = 0; k < 4; k++)
                score[n].energy += square[k] * pow(t[12 * n + 4 * d + (k + 3) % 4] -
                                                   brought[4 * d + (k + 3) % 4], 2);
    }
    for (d = 0; d < 12 && normal; d++) /* by axis d / 4 of the points, number k of (1, x, y, z) */
        for (i = 0, k = d % 4; i < 3; i++) {
            const double *row = t + 4 * i, by = row[d / 4] * unit[k] * square[k];
            normal->b[d] += by * (row[(k + 3) % 4] - brought[4 * i + (k + 3) % 4]);
            for (j = 0; j < 3; j++) normal->h[12 * d + 4 * j + k] += by * row[j] * unit[k];
        }
    return MEDVOL_OK;
}
static mv_status points(bench *b) {
    mv_register_metric by = {0};
    mv_register_affine_opt o = {0};
    by.levels = 1, by.begin = points_level, by.look = points_look;
    o.model = MEDVOL_AFFINE, o.init = MEDVOL_INIT_HEADER, o.control.tolerance = 1e-9;
    b->numbers = 12;
    return mv_register_affine_by(b->ctx, b->number, &by, &o);
}
static double want_points(const bench *b, size_t i) { return (void)b, brought[i]; }
static mv_status lncc_of(bench *b, mv_lncc_mode mode, int full) {
    mv_register_lncc_opt o = {0};
    mv_register_report report = {0};
    mv_volume inverse = {0};
    mv_status st;
    o.full = full;
    o.mode = mode;
    if (mode != MEDVOL_LNCC_GREEDY) o.inverse = &inverse;
    o.control.report = &report;
    st = mv_register_lncc(b->ctx, &b->out, &b->aux[1], &b->aux[0], &o);
    mv_volume_free(b->ctx, &inverse);
    note(b, &report);
    return st;
}
static mv_status demons_of(bench *b, mv_demons variant) {
    mv_register_demons_opt o = {0};
    mv_register_report report = {0};
    mv_status st;
    o.variant = variant;
    o.control.report = &report;
    st = mv_register_demons(b->ctx, &b->out, &b->aux[1], &b->aux[0], &o);
    note(b, &report);
    return st;
}
static mv_status demons(bench *b) { return demons_of(b, MEDVOL_DEMONS_DIFFEOMORPHIC); }
static mv_status demons_symmetric(bench *b) { return demons_of(b, MEDVOL_DEMONS_SYMMETRIC); }
static mv_status demons_log(bench *b) { return demons_of(b, MEDVOL_DEMONS_LOG); }
static mv_status lncc(bench *b) { return lncc_of(b, MEDVOL_LNCC_GREEDY, 0); }
static mv_status lncc_full(bench *b) { return lncc_of(b, MEDVOL_LNCC_GREEDY, 1); }
static mv_status lncc_symmetric(bench *b) { return lncc_of(b, MEDVOL_LNCC_SYMMETRIC, 0); }
static mv_status lncc_velocity(bench *b) { return lncc_of(b, MEDVOL_LNCC_VELOCITY, 0); }

/* ---- the mean error, in voxels, of the head's ---- */
static double affine_error(const bench *b) {
    const double *t = ((const truth *)b->own)->map;
    double sum = 0, count = 0;
    size_t i;
    for (i = 0; i < voxels(b); i++) {
        double p[3], x[3], y[3], s = 0;
        int d;
        if (!(((const float *)b->aux[2].data)[i] > 150)) continue;
        p[0] = (double)(i % b->side), p[1] = (double)(i / b->side % b->side);
        p[2] = (double)(size_t)(i / (b->side * b->side));
        mv_affine_apply(p, b->in.affine, p);
        mv_affine_apply(x, b->number, p);
        mv_affine_apply(y, t, p);
        for (d = 0; d < 3; d++) s += (x[d] - y[d]) * (x[d] - y[d]);
        sum += sqrt(s), count++;
    }
    return sum / count / mm;
}
static double field_error(const bench *b) {
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
static int check_affine(bench *b) { return !(affine_error(b) <= 0.1); } /* from a tenth of the side away */
static int check_field(bench *b) { return !(field_error(b) <= fmax(0.2, 0.0025 * (double)b->side)); }
/* forces are smoothed over 3 voxels: much where there are 24 */
static int check_demons(bench *b) { return !(field_error(b) <= fmax(0.3, 0.0025 * (double)b->side)); }

/* Multiply-adds a voxel and iteration, of as many iterations as there were: affine 3 for the position, 7
   blends, 14 for gain, offset and a step (mutual information 8 for windows in place of two); of large levels
   two million voxels. Fields 10 for the voxel, 9 for its gradient, six window sums with 2 an axis, 17 for r,
   its derivative and force; and of a field's vector 13 taps of 4 sums and 5 of 3 along each axis and 27 for
   the composition, or with a vector a voxel 25 and 7. Pyramids of both once. */
static double work_of(const bench *b, double each, double most) {
    double n = (double)voxels(b), all = 2 * 8 * n;
    int k;
    for (k = 0; k < 16; k++, n /= 8) all += b->number[12 + k] * fmin(n, most) * each;
    return all;
}
static double work_affine(const bench *b) { return work_of(b, 24, 2e6); }
static double work_information(const bench *b) { return work_of(b, 30, 2e6); }
static double work_field(const bench *b) { return work_of(b, 72 + (156 + 45 + 27) / 8.0, HUGE_VAL); }
/* two images: 10 and 9 each, ten sums, 30; two fields of 12 taps and two compositions, one of updates */
static double work_symmetric(const bench *b) {
    return work_of(b, 2 * 19 + 60 + 30 + (156 + 2 * 45 + 2 * 27) / 8.0, HUGE_VAL);
}
/* four compositions for exp(v) */
static double work_velocity(const bench *b) {
    return work_of(b, 72 + (156 + 45 + 4 * 27) / 8.0, HUGE_VAL);
}
static double work_full(const bench *b) { return work_of(b, 72 + 300 + 63 + 27, HUGE_VAL); }
/* demons: 10 for the voxel, 20 for its force, taps of 25 and 9 of 3 sums along each axis, halved by symmetry,
   compositions of 27: two, of LOG 14, which also warps and pushes both ways */
static double work_demons(const bench *b) { return work_of(b, 30 + 153 + 54, HUGE_VAL); }
static double work_demons_even(const bench *b) { return work_of(b, 30 + 153, HUGE_VAL); }
static double work_demons_log(const bench *b) { return work_of(b, 60 + 153 + 378, HUGE_VAL); }

#define ROW(name, run, right, count, how)                                                                    \
    {name, MEDVOL_F32, run, .check = right, .floor = "ab", .work = count, .setup = how, .done = done,          \
     .most = 128}
const bench_row rows_register[] = {
    ROW("register rigid", rigid, check_affine, work_affine, rigid_setup),
    ROW("register affine", affine, check_affine, work_affine, affine_setup),
    ROW("register rigid, information", information, check_affine, work_information, other_setup),
    {"register points, affine", MEDVOL_F32, points, want_points, 1e-8, .most = 1},
    ROW("register field", lncc, check_field, work_field, warped_setup),
    ROW("register field, full", lncc_full, check_field, work_full, warped_setup),
    ROW("register demons", demons, check_demons, work_demons, even_setup),
    ROW("register demons, symmetric", demons_symmetric, check_demons, work_demons_even, even_setup),
    ROW("register demons, log", demons_log, check_demons, work_demons_log, even_setup),
    ROW("register field, symmetric", lncc_symmetric, check_field, work_symmetric, warped_setup),
    ROW("register field, velocity", lncc_velocity, check_field, work_velocity, warped_setup),
    {0},
};
#undef ROW
