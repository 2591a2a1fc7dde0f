/* rows_resample.c - volumes on other grids. The oracle is the definition in double, one element at a time. */
#define BENCH_MARK_CALLS
#include "bench.h"

/* ---- what is right ---- */
static const double pi = 3.14159265358979324;
static double sinc(double x) { return fabs(x) < 1e-12 ? 1 : sin(pi * x) / (pi * x); }
/* Weights of the voxels around position c + f, 0 <= f < 1; how many. The first belongs to c + 1 - n / 2. */
static int weights(mv_interp how, double f, double *w) {
    double sum = 0, g = 1 - f;
    int k;
    switch (how) {
        case MEDVOL_LINEAR:
            w[0] = g, w[1] = f;
            return 2;
        case MEDVOL_CUBIC: /* the cubic B-spline */
            w[0] = g * g * g / 6, w[3] = f * f * f / 6;
            w[1] = 2.0 / 3 - f * f * (2 - f) / 2;
            w[2] = 2.0 / 3 - g * g * (2 - g) / 2;
            return 4;
        case MEDVOL_CUBIC_CONV: /* Keys, a = -1/2 */
            for (k = 0; k < 4; k++) {
                double x = fabs(k - 1 - f);
                w[k] = x <= 1 ? 1 + x * x * (1.5 * x - 2.5) : 2 + x * (-4 + x * (2.5 - 0.5 * x));
            }
            return 4;
        default: /* Lanczos, three lobes */
            for (k = 0; k < 6; k++) sum += w[k] = sinc(k - 2 - f) * sinc((k - 2 - f) / 3);
            for (k = 0; k < 6; k++) w[k] /= sum;
            return 6;
    }
}
/* Coefficients of the spline through one line: Unser 1999, mirrored at both ends, summed to the last bit. */
static void prefilter(double *c, size_t n, size_t step) {
    const double z = sqrt(3.0) - 2;
    double *s = (double *)malloc(n * sizeof *s), sum = 0, zk = 1;
    size_t k, period = 2 * (n - 1);
    if (!s || n < 2) exit(1); /* the bench has no sides below 8 */
    for (k = 0; k < period && k < 60; k++, zk *= z) sum += zk * c[(k < n ? k : period - k) * step];
    s[0] = sum;
    for (k = 1; k < n; k++) s[k] = c[k * step] + z * s[k - 1];
    c[(n - 1) * step] = z / (z * z - 1) * (s[n - 1] + z * s[n - 2]) * 6;
    for (k = n - 1; k-- > 0;) c[k * step] = z * (c[(k + 1) * step] / 6 - s[k]) * 6;
    free(s);
}
/* the spline's coefficients, or the voxels */
static const double *samples(const bench *b, int spline) {
    static bench_key key;
    static int last;
    static double *v;
    size_t n = b->side, i, total = n * n * n;
    if (bench_known(&key, b) && last == spline) return v;
    last = spline;
    free(v);
    v = (double *)calloc(total, sizeof *v);
    if (!v || !n) exit(1);
    for (i = 0; i < total; i++) v[i] = bench_value(&b->in, i);
    for (i = 0; spline && i < n * n; i++) prefilter(v + i * n, n, 1);
    for (i = 0; spline && i < n * n; i++) prefilter(v + i % n + i / n * n * n, n, n);
    for (i = 0; spline && i < n * n; i++) prefilter(v + i, n, n * n);
    return v;
}
static ptrdiff_t inside(ptrdiff_t i, ptrdiff_t n, int mirror) {
    if (i < 0) return mirror ? -i : 0;
    if (i > n - 1) return mirror ? 2 * (n - 1) - i : n - 1;
    return i;
}
/* The value at a position, which is moved to the border when outside of it. */
double bench_at(const bench *b, const double *p, mv_interp how) {
    ptrdiff_t n = (ptrdiff_t)b->side, c[3];
    const double *v = samples(b, how == MEDVOL_CUBIC);
    double w[3][6] = {{0}}, s = 0;
    int d, i, j, k, taps = 0, first;
    for (d = 0; d < 3; d++) {
        double x = fmin(fmax(p[d], 0), (double)n - 1);
        if (how == MEDVOL_NEAREST) c[d] = inside((ptrdiff_t)floor(x + 0.5 + 1e-9), n, 0);
        else {
            c[d] = (ptrdiff_t)floor(x);
            taps = weights(how, x - (double)c[d], w[d]);
        }
    }
    if (how == MEDVOL_NEAREST) return v[c[0] + n * (c[1] + n * c[2])];
    first = 1 - taps / 2;
    for (k = 0; k < taps; k++)
        for (j = 0; j < taps; j++)
            for (i = 0; i < taps; i++)
                s += w[0][i] * w[1][j] * w[2][k] *
                    v[inside(c[0] + first + i, n, how == MEDVOL_CUBIC) +
                        n * (inside(c[1] + first + j, n, how == MEDVOL_CUBIC) +
                                n * inside(c[2] + first + k, n, how == MEDVOL_CUBIC))];
    return s;
}
static void place(const bench *b, size_t i, double *p) {
    int d;
    for (d = 0; d < 3; d++) {
        p[d] = (double)(i % b->out.dim[d]);
        i /= b->out.dim[d];
    }
}

/* ---- axis by axis: the centre is kept ---- */
static double want_step(const bench *b, size_t i, double s, mv_interp how) {
    double p[3];
    int d;
    place(b, i, p);
    for (d = 0; d < 3; d++)
        p[d] = 0.5 * ((double)b->side - 1) + s * (p[d] - 0.5 * ((double)b->out.dim[d] - 1));
    return bench_at(b, p, how);
}
static mv_status to_step(bench *b, double s, mv_interp how) {
    double mm[3] = {0.9 * s, 0.9 * s, 0.9 * s};
    mv_resample_opt opt = {0};
    opt.interp = how;
    return mv_resample_spacing(b->ctx, &b->out, &b->in, mm, &opt);
}
#define STEP(name, s, how)                                                                                   \
    static mv_status name(bench *b) { return to_step(b, s, how); }                                           \
    static double want_##name(const bench *b, size_t i) { return want_step(b, i, s, how); }
STEP(spacing_nearest, 0.7, MEDVOL_NEAREST)
STEP(spacing_linear, 0.7, MEDVOL_LINEAR)
STEP(spacing_cubic, 0.7, MEDVOL_CUBIC)
STEP(spacing_conv, 0.7, MEDVOL_CUBIC_CONV)
STEP(spacing_lanczos, 0.7, MEDVOL_LANCZOS)
STEP(half_nearest, 2, MEDVOL_NEAREST)
STEP(half_linear, 2, MEDVOL_LINEAR)
STEP(half_cubic, 2, MEDVOL_CUBIC)
static mv_status shape_linear(bench *b) {
    size_t m = b->side / 2, shape[3] = {m, m, m};
    return mv_resample_shape(b->ctx, &b->out, &b->in, shape, NULL);
}
static double want_shape(const bench *b, size_t i) {
    return want_step(b, i, (double)b->side / (double)b->out.dim[0], MEDVOL_LINEAR);
}
static mv_status shape_array(bench *b) {
    return mv_resample_shape_f32(
        b->ctx, (float *)b->out.data, b->out.dim, (const float *)b->in.data, b->in.dim, NULL);
}

/* ---- turned: ten degrees about an axis along none of the three, through the middle; outside is 0 ---- */
static void ten_degrees(double *m, size_t side) {
    const double c = cos(0.174533), s = sin(0.174533), u[3] = {0.36, 0.48, 0.8}, h = 0.5 * ((double)side - 1);
    int r, k;
    for (r = 0; r < 3; r++)
        for (k = 0; k < 3; k++) m[4 * r + k] = u[r] * u[k] * (1 - c) + (r == k ? c : 0);
    m[1] -= s * u[2], m[2] += s * u[1];
    m[4] += s * u[2], m[6] -= s * u[0];
    m[8] -= s * u[1], m[9] += s * u[0];
    for (r = 0; r < 3; r++) m[4 * r + 3] = h * (1 - m[4 * r] - m[4 * r + 1] - m[4 * r + 2]);
}
static mv_status turned(bench *b, mv_interp how) {
    double m[12];
    mv_resample_opt opt = {0};
    opt.interp = how;
    ten_degrees(m, b->side);
    return mv_resample_affine(b->ctx, &b->out, &b->in, m, b->in.dim, &opt);
}
static double want_turned(const bench *b, size_t i, mv_interp how) {
    double m[12], p[3], q[3];
    int r, outside = 0;
    ten_degrees(m, b->side);
    place(b, i, p);
    for (r = 0; r < 3; r++) {
        q[r] = m[4 * r] * p[0] + m[4 * r + 1] * p[1] + m[4 * r + 2] * p[2] + m[4 * r + 3];
        outside |= q[r] < -0.5 || q[r] > (double)b->side - 0.5;
    }
    return outside ? 0 : bench_at(b, q, how);
}
#define TURN(name, how)                                                                                      \
    static mv_status turn_##name(bench *b) { return turned(b, how); }                                        \
    static double want_turn_##name(const bench *b, size_t i) { return want_turned(b, i, how); }
TURN(nearest, MEDVOL_NEAREST)
TURN(linear, MEDVOL_LINEAR)
TURN(cubic, MEDVOL_CUBIC)
TURN(conv, MEDVOL_CUBIC_CONV)
static mv_status turn_array(bench *b) {
    double m[12];
    ten_degrees(m, b->side);
    return mv_resample_affine_f32(b->ctx, (float *)b->out.data, b->out.dim, (const float *)b->in.data,
        b->in.dim, m, NULL);
}
static mv_status like(bench *b) { /* the same turn, as another scan's geometry */
    mv_volume grid = b->in;
    double m[12];
    ten_degrees(m, b->side);
    mv_affine_mul(grid.affine, b->in.affine, m);
    return mv_resample_like(b->ctx, &b->out, &b->in, &grid, NULL);
}

/* Multiply-adds a voxel: axis by axis 2 taps a step for linear, 4 cubic, and 4 more to filter; turned 3 for
   the position and 7 blends for linear, 4 + 16 + 64 for cubic and 12 for the filter. */
const bench_row rows_resample[] = {
    {"spacing nearest", MEDVOL_F32, spacing_nearest, want_spacing_nearest, .floor = "m"},
    {"spacing nearest", MEDVOL_U8, spacing_nearest, want_spacing_nearest, .floor = "m"},
    {"spacing linear", MEDVOL_F32, spacing_linear, want_spacing_linear, 2e-5, .floor = "m", .fma = 4.2},
    {"spacing linear", MEDVOL_I16, spacing_linear, want_spacing_linear, 2e-5, .floor = "m", .fma = 4.2},
    {"spacing cubic", MEDVOL_F32, spacing_cubic, want_spacing_cubic, 4e-5, .floor = "m", .fma = 12.4},
    {"spacing cubic convolution", MEDVOL_F32, spacing_conv, want_spacing_conv, 2e-5, .floor = "m",
        .fma = 8.4},
    {"spacing lanczos", MEDVOL_F32, spacing_lanczos, want_spacing_lanczos, 2e-5, .floor = "m", .fma = 12.6},
    {"half nearest", MEDVOL_F32, half_nearest, want_half_nearest, .floor = "m"},
    {"half linear", MEDVOL_F32, half_linear, want_half_linear, 2e-5, .floor = "m"},
    {"half cubic", MEDVOL_F32, half_cubic, want_half_cubic, 4e-5, .floor = "m", .fma = 12},
    {"shape linear", MEDVOL_F32, shape_linear, want_shape, 2e-5, .floor = "m"},
    {"shape linear of an array", MEDVOL_F32, shape_array, want_shape, 2e-5, .floor = "m",
        .setup = shape_linear},
    {"turn nearest", MEDVOL_F32, turn_nearest, want_turn_nearest, .floor = "c", .fma = 3},
    {"turn linear", MEDVOL_F32, turn_linear, want_turn_linear, 4e-5, .floor = "c", .fma = 10},
    {"turn linear", MEDVOL_I16, turn_linear, want_turn_linear, 4e-5, .floor = "m", .fma = 10},
    {"turn cubic", MEDVOL_F32, turn_cubic, want_turn_cubic, 1e-4, .floor = "c", .fma = 99},
    {"turn cubic convolution", MEDVOL_F32, turn_conv, want_turn_conv, 1e-4, .floor = "c", .fma = 87},
    {"turn linear of an array", MEDVOL_F32, turn_array, want_turn_linear, 4e-5, .floor = "c", .fma = 10,
        .setup = turn_linear},
    {"like another scan", MEDVOL_F32, like, want_turn_linear, 4e-5, .floor = "c", .fma = 10},
    {0},
};
