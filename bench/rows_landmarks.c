/* rows_landmarks.c - splines through landmarks, corrections by hand, shifts by correlation. */
#define BENCH_MARK_CALLS
#include "bench.h"

enum { FEW = 50, MANY = 1000 };
typedef struct pins {
    mv_tps tps;
    double p[6][MANY], o[3][MANY];
    mv_volume field;
} pins;
static size_t voxels(const bench *b) { return b->side * b->side * b->side; }
static double chance(size_t i) { /* -1..1 */
    uint64_t z = ((uint64_t)i + 1) * 0x9e3779b97f4a7c15u;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return (double)(z >> 11) / 4503599627370496.0 - 1;
}
/* landmarks all over the head, up to a fiftieth of its side away */
static mv_status make(bench *b, size_t n) {
    pins *q = (pins *)calloc(1, sizeof *q);
    const double half = 0.5 * ((double)b->side - 1), middle[3] = {half, half, half};
    double m[3];
    size_t i;
    int c;
    if (!(b->own = q)) return MEDVOL_E_NOMEM;
    mv_affine_apply(m, b->in.affine, middle);
    for (i = 0; i < n; i++)
        for (c = 0; c < 3; c++) {
            q->p[c][i] = m[c] + 0.85 * half * 0.9 * chance(6 * i + (size_t)c);
            q->p[c + 3][i] = q->p[c][i] + 0.04 * half * 0.9 * chance(6 * i + (size_t)c + 3);
        }
    return mv_tps_init(b->ctx, &q->tps, q->p[0], q->p[1], q->p[2], q->p[3], q->p[4], q->p[5], n, NULL);
}
static mv_status few_setup(bench *b) { return make(b, FEW); }
static mv_status many_setup(bench *b) { return make(b, MANY); }
static void done(bench *b) {
    pins *q = (pins *)b->own;
    if (q) mv_tps_free(b->ctx, &q->tps), mv_volume_free(b->ctx, &q->field);
    free(q);
}
static mv_status fit(bench *b) {
    pins *q = (pins *)b->own;
    mv_fit_opt o = {MEDVOL_AFFINE, NULL, NULL};
    b->numbers = 12;
    return mv_fit_points(b->ctx, b->number, q->p[0], q->p[1], q->p[2], q->p[3], q->p[4], q->p[5], MANY, &o);
}
static int check_fit(bench *b) { return !(fabs(mv_affine_det(b->number) - 1) < 0.02); }
static mv_status init(bench *b) {
    pins *q = (pins *)b->own;
    mv_tps_free(b->ctx, &q->tps);
    b->numbers = 1;
    return mv_tps_init(b->ctx, &q->tps, q->p[0], q->p[1], q->p[2], q->p[3], q->p[4], q->p[5], MANY, NULL);
}
static mv_status at_points(bench *b) {
    pins *q = (pins *)b->own;
    b->numbers = 1;
    return mv_tps_points(b->ctx, &q->tps, q->o[0], q->o[1], q->o[2], q->p[0], q->p[1], q->p[2], MANY);
}
static int check_points(bench *b) { /* landmarks come to where they belong */
    const pins *q = (const pins *)b->own;
    double off = 0;
    size_t i;
    int c;
    if (at_points(b) < 0) return 1;
    for (c = 0; c < 3; c++)
        for (i = 0; i < MANY; i++) off = fmax(off, fabs(q->o[c][i] - q->p[c + 3][i]));
    return !(off < 1e-7);
}
static mv_status onto(bench *b, int direct) {
    mv_tps_field_opt o = {0, 0, NULL};
    o.direct = direct;
    return mv_tps_field(b->ctx, &b->out, &b->in, &((pins *)b->own)->tps, &o);
}
static mv_status onto_lattice(bench *b) { return onto(b, 0); }
static mv_status onto_voxels(bench *b) { return onto(b, 1); }
static int check_field(bench *b) { /* some thousand voxels against the spline at points; 0.01 voxel */
    const pins *q = (const pins *)b->own;
    const size_t n = voxels(b);
    size_t i, k;
    for (k = 0; k < 4000; k++) {
        double p[3], u[3];
        int c;
        i = k * 7919 * 31 % n;
        p[0] = (double)(i % b->side), p[1] = (double)(i / b->side % b->side);
        p[2] = (double)(size_t)(i / (b->side * b->side));
        mv_affine_apply(p, b->in.affine, p);
        if (mv_tps_points(b->ctx, &q->tps, u, u + 1, u + 2, p, p + 1, p + 2, 1) < 0) return 1;
        for (c = 0; c < 3; c++)
            if (!(fabs(((const float *)b->out.data)[i + (size_t)c * n] - (u[c] - p[c])) < 0.0091)) return 1;
    }
    return 0;
}
static mv_status correct_setup(bench *b) {
    mv_status st = make(b, FEW);
    return st < 0 ? st : bench_field(b, &((pins *)b->own)->field, 0.02 * (double)b->side, 0);
}
static mv_status correct(bench *b) {
    pins *q = (pins *)b->own;
    mv_correct_opt o = {0, NULL};
    o.radius = 0.2 * 0.9 * (double)b->side;
    return mv_field_correct(b->ctx, &b->out, &q->field, q->p[0], q->p[1], q->p[2], q->p[3], q->p[4], q->p[5],
        FEW, &o);
}
static int check_correct(bench *b) {
    pins *q = (pins *)b->own;
    mv_transform t = {MEDVOL_TRANSFORM_FIELD, 0, {0}, NULL};
    size_t i;
    int c;
    t.field = &b->out;
    if (mv_transform_points(b->ctx, q->o[0], q->o[1], q->o[2], q->p[0], q->p[1], q->p[2], FEW, &t, 1) < 0)
        return 1;
    for (c = 0; c < 3; c++)
        for (i = 0; i < FEW; i++)
            if (!(fabs(q->o[c][i] - q->p[c + 3][i]) < 2e-4)) return 1;
    return 0;
}
static mv_status phase_setup(bench *b) { /* aux[0]: in, 5.3, -3.6 and 2.2 voxels away */
    mv_transform by = {MEDVOL_TRANSFORM_AFFINE, 0, {0}, NULL};
    mv_warp_opt o = {0};
    o.interp = MEDVOL_CUBIC, o.border = MEDVOL_BORDER_EDGE;
    mv_affine_identity(by.affine);
    by.affine[3] = -5.3 * 0.9, by.affine[7] = 3.6 * 0.9, by.affine[11] = -2.2 * 0.9;
    return mv_warp(b->ctx, &b->aux[0], &b->in, &b->in, &by, 1, &o);
}
static mv_status phase_of(bench *b, int masked) {
    mv_register_phase_opt o = {0};
    o.masked = masked;
    b->numbers = 12;
    return mv_register_phase(b->ctx, b->number, &b->in, &b->aux[0], &o);
}
static mv_status phase(bench *b) { return phase_of(b, 0); }
static mv_status masked(bench *b) { return phase_of(b, 1); }
/* A fifth of a small volume is out of view. Cubic convolution moves the noise's highest frequencies less far
   than the rest, and they count as much. */
static int check_phase(bench *b) {
    const double most = b->side < 32 ? 0.15 : 0.1;
    return !(fabs(b->number[3] - 5.3 * 0.9) < most && fabs(b->number[7] + 3.6 * 0.9) < most &&
             fabs(b->number[11] - 2.2 * 0.9) < most);
}

/* Multiply-adds: a kernel 3 for the distance, 20 for a square root in doubles (which count 2), 3 for the sum;
   interpolation 16 / 2 + 4 a component; bumps where they reach. Phase correlation: four times three
   transforms; masked: twelve of twice the side. */
static double work_direct(const bench *b) { return 2.0 * 16 * FEW * (double)voxels(b); }
static double work_lattice(const bench *b) { return 36.0 * (double)voxels(b); }
static double work_init(const bench *b) { (void)b; return 2.0 * MANY * MANY * (double)MANY / 6; }
static double work_points(const bench *b) { (void)b; return 2.0 * 16 * MANY * (double)MANY; }
static double work_fit(const bench *b) { (void)b; return 2.0 * 60 * MANY; }
static double work_correct(const bench *b) { return FEW * 0.0335 * 12 * (double)voxels(b); }
static double work_phase(const bench *b) {
    const double n = (double)voxels(b);
    return 12 * bench_fft(0.5 * n, n);
}
static double work_masked(const bench *b) {
    const double n = 8 * (double)voxels(b);
    return 12 * bench_fft(0.5 * n, n);
}
#define ROW(name, run, right, count, how, reads)                                                             \
    {name, MEDVOL_F32, run, .check = right, .floor = reads, .work = count, .setup = how, .done = done}
#define POINTS(name, run, right, count)                                                                      \
    {name, MEDVOL_F32, run, .check = right, .work = count, .setup = many_setup, .done = done, .most = 1}
const bench_row rows_landmarks[] = {
    POINTS("fit 1000 points", fit, check_fit, work_fit),
    POINTS("spline of 1000 points", init, check_points, work_init),
    POINTS("spline at 1000 points", at_points, check_points, work_points),
    ROW("spline onto voxels, 50", onto_lattice, check_field, work_lattice, few_setup, "w"),
    ROW("spline onto voxels, direct", onto_voxels, check_field, work_direct, few_setup, "w"),
    ROW("field corrected, 50", correct, check_correct, work_correct, correct_setup, "w"),
    ROW("register shift", phase, check_phase, work_phase, phase_setup, "ra"),
    {"register shift, masked", MEDVOL_F32, masked, .check = check_phase, .floor = "ra", .work = work_masked,
        .setup = phase_setup, .most = 128},
    {0},
};
#undef ROW
#undef POINTS
