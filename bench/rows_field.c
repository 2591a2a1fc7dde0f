/* rows_field.c - images and points through displacement fields, and what fields are made into. Fields lie on
   the input's grid, whose axes are the world's, 0.9 mm; the oracle works in voxels, in double. */
#define BENCH_MARK_CALLS
#include "bench.h"

static const double pi = 3.14159265358979324, mm = 0.9;

/* ---- fields ---- */
void bench_displaced(const bench *b, size_t i, double longest, double which, double *u) {
    const double s = pi / ((double)b->side - 1);
    const double q[3] = {s * (double)(i % b->side), s * (double)(i / b->side % b->side),
        s * (double)(size_t)(i / (b->side * b->side))};
    int c;
    for (c = 0; c < 3; c++)
        u[c] = longest / sqrt(3.0) * sin(2 * q[(c + 1) % 3] + c + which) * cos(q[(c + 2) % 3] - which);
}
mv_status bench_field(bench *b, mv_volume *f, double longest, double which) {
    const size_t n = b->side, total = n * n * n, dim[5] = {n, n, n, 1, 3};
    mv_status st = mv_volume_alloc(b->ctx, f, MEDVOL_F32, 5, dim);
    size_t i;
    if (st < 0) return st;
    memcpy(f->affine, b->in.affine, sizeof f->affine);
    for (i = 0; i < total; i++) {
        double u[3];
        int c;
        bench_displaced(b, i, longest, which, u);
        for (c = 0; c < 3; c++) ((float *)f->data)[total * (size_t)c + i] = (float)(mm * u[c]);
    }
    return MEDVOL_OK;
}
static double amount(const bench *b) { return 0.03 * (double)b->side; } /* voxels: nothing folds */
static mv_status one_field(bench *b) { return bench_field(b, &b->aux[0], amount(b), 0); }
static mv_status two_fields(bench *b) {
    mv_status st = one_field(b);
    return st < 0 ? st : bench_field(b, &b->aux[1], amount(b), 1);
}
static size_t voxels(const bench *b) { return b->side * b->side * b->side; }
static void place(const bench *b, size_t i, double *p) {
    p[0] = (double)(i % b->side), p[1] = (double)(i / b->side % b->side);
    p[2] = (double)(i / b->side / b->side % b->side);
}
/* the field at a place, in voxels: linear, beyond the border the border's */
static void field_at(const bench *b, const mv_volume *f, const double *p, double *u) {
    const float *v = (const float *)f->data;
    const size_t n = b->side, total = voxels(b);
    size_t at[3];
    double w[3];
    int c, d, k;
    for (d = 0; d < 3; d++) {
        const double x = fmin(fmax(p[d], 0), (double)(n - 1));
        at[d] = (size_t)x < n - 1 ? (size_t)x : n - 2;
        w[d] = x - (double)at[d];
    }
    for (c = 0; c < 3; c++)
        for (u[c] = 0, k = 0; k < 8; k++)
            u[c] += (k & 1 ? w[0] : 1 - w[0]) * (k & 2 ? w[1] : 1 - w[1]) * (k & 4 ? w[2] : 1 - w[2]) *
                (double)v[total * (size_t)c + at[0] + (k & 1) +
                    n * (at[1] + (k >> 1 & 1) + n * (at[2] + (size_t)(k >> 2)))] / mm;
}
static void moved(const bench *b, const mv_volume *f, double *p) {
    double u[3];
    int d;
    field_at(b, f, p, u);
    for (d = 0; d < 3; d++) p[d] += u[d];
}
static mv_transform by_field(const mv_volume *f) {
    mv_transform t = {MEDVOL_TRANSFORM_FIELD, 0, {0}, NULL};
    t.field = f;
    return t;
}

/* ---- images: beyond half a voxel outside is 0 ---- */
static int outside(const bench *b, const double *p) {
    int d, out = 0;
    for (d = 0; d < 3; d++) out |= p[d] < -0.5 || p[d] > (double)b->side - 0.5;
    return out;
}
static mv_status warp(bench *b, mv_interp how) {
    const mv_transform chain = by_field(&b->aux[0]);
    mv_warp_opt o = {0};
    o.interp = how;
    return mv_warp(b->ctx, &b->out, &b->in, &b->in, &chain, 1, &o);
}
static double want_warp(const bench *b, size_t i, mv_interp how) {
    double p[3];
    place(b, i, p);
    moved(b, &b->aux[0], p);
    return outside(b, p) ? 0 : bench_at(b, p, how);
}
#define WARP(name, how)                                                                                      \
    static mv_status warp_##name(bench *b) { return warp(b, how); }                                          \
    static double want_warp_##name(const bench *b, size_t i) { return want_warp(b, i, how); }
WARP(linear, MEDVOL_LINEAR)
WARP(cubic, MEDVOL_CUBIC)
WARP(conv, MEDVOL_CUBIC_CONV)
static mv_status warp_nearest(bench *b) { return warp(b, MEDVOL_NEAREST); }
static double want_warp_nearest(const bench *b, size_t i) { /* half way, to 1e-4, either will do */
    double p[3];
    int d;
    place(b, i, p);
    moved(b, &b->aux[0], p);
    for (d = 0; d < 3; d++)
        if (fabs(p[d] - floor(p[d]) - 0.5) < 1e-4) return bench_value(&b->out, i);
    return outside(b, p) ? 0 : bench_at(b, p, MEDVOL_NEAREST);
}
static mv_status labels_setup(bench *b) { /* four shades */
    uint8_t *v = (uint8_t *)b->in.data;
    size_t i, n = voxels(b);
    for (i = 0; i < n; i++) v[i] = v[i] / 64;
    return one_field(b);
}
static mv_status warp_labels(bench *b) {
    const mv_transform chain = by_field(&b->aux[0]);
    mv_warp_opt o = {0};
    o.labels = 1;
    return mv_warp(b->ctx, &b->out, &b->in, &b->in, &chain, 1, &o);
}
static double want_labels(const bench *b, size_t i) { /* where two are alike to 1e-3 either will do */
    double p[3], sum[4] = {0}, w[3], best = 0;
    const uint8_t *v = (const uint8_t *)b->in.data;
    size_t at[3];
    int k, d, which = 0, got;
    place(b, i, p);
    moved(b, &b->aux[0], p);
    if (outside(b, p)) return 0;
    for (d = 0; d < 3; d++) {
        const double x = fmin(fmax(p[d], 0), (double)b->side - 1);
        at[d] = (size_t)fmin(floor(x), (double)b->side - 2);
        w[d] = x - (double)at[d];
    }
    for (k = 0; k < 8; k++)
        sum[v[at[0] + (k & 1) + b->side * (at[1] + (k >> 1 & 1) + b->side * (at[2] + (size_t)(k >> 2)))]] +=
            (k & 1 ? w[0] : 1 - w[0]) * (k & 2 ? w[1] : 1 - w[1]) * (k & 4 ? w[2] : 1 - w[2]);
    for (k = 0; k < 4; k++)
        if (sum[k] > best) best = sum[k], which = k;
    got = (int)bench_value(&b->out, i);
    return got < 4 && sum[got] > best - 1e-3 ? got : which;
}
/* five degrees about z through the middle, in voxels and in mm */
static void five_degrees(const bench *b, double *voxel, double *world) {
    const double c = cos(0.0873), s = sin(0.0873), h = 0.5 * ((double)b->side - 1);
    const double m[12] = {c, -s, 0, h * (1 - c + s), s, c, 0, h * (1 - c - s), 0, 0, 1, 0.4};
    double back[12];
    memcpy(voxel, m, sizeof m);
    mv_affine_mul(world, b->in.affine, m);
    mv_affine_invert(back, b->in.affine);
    mv_affine_mul(world, world, back);
}
static mv_status warp_chain(bench *b) { /* turned first */
    mv_transform chain[2] = {{MEDVOL_TRANSFORM_AFFINE, 0, {0}, NULL}, by_field(&b->aux[0])};
    double voxel[12];
    five_degrees(b, voxel, chain[0].affine);
    return mv_warp(b->ctx, &b->out, &b->in, &b->in, chain, 2, NULL);
}
static double want_chain(const bench *b, size_t i) {
    double p[3], q[3], voxel[12], world[12];
    int d;
    five_degrees(b, voxel, world);
    place(b, i, p);
    for (d = 0; d < 3; d++)
        q[d] = voxel[4 * d] * p[0] + voxel[4 * d + 1] * p[1] + voxel[4 * d + 2] * p[2] + voxel[4 * d + 3];
    moved(b, &b->aux[0], q);
    return outside(b, q) ? 0 : bench_at(b, q, MEDVOL_LINEAR);
}

/* ---- fields of chains, points ---- */
static mv_status compose(bench *b) {
    const mv_transform chain[2] = {by_field(&b->aux[0]), by_field(&b->aux[1])};
    return mv_transform_field(b->ctx, &b->out, &b->in, chain, 2);
}
static double want_compose(const bench *b, size_t i) {
    double p[3], q[3];
    place(b, i, p);
    memcpy(q, p, sizeof q);
    moved(b, &b->aux[0], q);
    moved(b, &b->aux[1], q);
    i /= voxels(b);
    return mm * (q[i] - p[i]);
}
/* aux[0]: coefficients every eight voxels, one before the first and two behind the last */
static mv_status spline_setup(bench *b) {
    const size_t m = b->side / 8 + 4, dim[5] = {m, m, m, 1, 3};
    mv_status st = mv_volume_alloc(b->ctx, &b->aux[0], MEDVOL_F32, 5, dim);
    size_t i;
    int d;
    if (st < 0) return st;
    memset(b->aux[0].affine, 0, sizeof b->aux[0].affine);
    for (d = 0; d < 3; d++) {
        b->aux[0].affine[5 * d] = 8 * mm;
        b->aux[0].affine[4 * d + 3] = b->in.affine[4 * d + 3] - 8 * mm;
    }
    for (i = 0; i < 3 * m * m * m; i++) ((float *)b->aux[0].data)[i] = (float)(3 * sin(1.7 * (double)i));
    return MEDVOL_OK;
}
static mv_status spline(bench *b) {
    mv_transform t = by_field(&b->aux[0]);
    t.kind = MEDVOL_TRANSFORM_BSPLINE;
    return mv_transform_field(b->ctx, &b->out, &b->in, &t, 1);
}
static double bspline(double x) {
    x = fabs(x);
    return x < 1 ? 2.0 / 3 - x * x * (2 - x) / 2 : x < 2 ? (2 - x) * (2 - x) * (2 - x) / 6 : 0;
}
static double want_spline(const bench *b, size_t i) {
    const size_t m = b->aux[0].dim[0];
    const float *c = (const float *)b->aux[0].data + i / voxels(b) * (m * m * m);
    double p[3], s = 0;
    size_t x, y, z;
    place(b, i, p);
    for (z = 0; z < m; z++)
        for (y = 0; y < m; y++)
            for (x = 0; x < m; x++)
                if (fabs(p[0] / 8 + 1 - (double)x) < 2 && fabs(p[1] / 8 + 1 - (double)y) < 2)
                    s += c[x + m * (y + m * z)] * bspline(p[0] / 8 + 1 - (double)x) *
                        bspline(p[1] / 8 + 1 - (double)y) * bspline(p[2] / 8 + 1 - (double)z);
    return s;
}
/* aux[1]: points, x, y, z in turn as arrays of a third of the voxels each, spread over the volume and a
   little beyond it */
static mv_status points_setup(bench *b) {
    const size_t n = voxels(b) / 3, total = 3 * n;
    uint32_t seed = 7;
    mv_status st = one_field(b);
    size_t i;
    if (st >= 0) st = mv_volume_alloc(b->ctx, &b->aux[1], MEDVOL_F64, 1, &total);
    if (st >= 0) st = mv_volume_alloc(b->ctx, &b->out, MEDVOL_F64, 1, &total);
    for (i = 0; st >= 0 && i < total; i++) {
        seed = seed * 1664525u + 1013904223u;
        ((double *)b->aux[1].data)[i] = b->in.affine[4 * (i / n) + 3] +
            mm * (((double)seed / 4294967296.0) * ((double)b->side + 1) - 1);
    }
    return st;
}
static mv_status points(bench *b) {
    const mv_transform t = by_field(&b->aux[0]);
    const size_t n = voxels(b) / 3;
    const double *s = (const double *)b->aux[1].data;
    double *d = (double *)b->out.data;
    return mv_transform_points(b->ctx, d, d + n, d + 2 * n, s, s + n, s + 2 * n, n, &t, 1);
}
static double want_points(const bench *b, size_t i) {
    const size_t n = voxels(b) / 3;
    const double *s = (const double *)b->aux[1].data;
    double p[3], u[3];
    int d;
    for (d = 0; d < 3; d++) p[d] = (s[n * (size_t)d + i % n] - b->in.affine[4 * d + 3]) / mm;
    field_at(b, &b->aux[0], p, u);
    return s[i] + mm * u[i / n];
}

/* ---- what fields are made into ---- */
/* forward (+1) or backward (-1) difference along axis d of component c, in voxels; at the border the other */
static double slope(const bench *b, size_t i, int c, int d, int side) {
    const size_t n = b->side, step = d == 0 ? 1 : d == 1 ? n : n * n, x = i / step % n;
    const float *u = (const float *)b->aux[0].data + voxels(b) * (size_t)c + i;
    if (x == n - 1) side = -1;
    if (x == 0) side = 1;
    return ((double)(side > 0 ? u[step] : u[0]) - (double)(side > 0 ? u[0] : *(u - step))) / mm;
}
static double determinant(const bench *b, size_t i, const int *side) { /* 0: the mean of both */
    double a[3][3];
    int c, d;
    for (c = 0; c < 3; c++)
        for (d = 0; d < 3; d++)
            a[c][d] = (c == d) +
                (side[d] ? slope(b, i, c, d, side[d]) :
                           0.5 * (slope(b, i, c, d, 1) + slope(b, i, c, d, -1)));
    return a[0][0] * (a[1][1] * a[2][2] - a[1][2] * a[2][1]) -
        a[0][1] * (a[1][0] * a[2][2] - a[1][2] * a[2][0]) + a[0][2] * (a[1][0] * a[2][1] - a[1][1] * a[2][0]);
}
static mv_status jacobian(bench *b) { return mv_field_jacobian(b->ctx, &b->out, NULL, &b->aux[0], NULL); }
static double want_jacobian(const bench *b, size_t i) {
    static const int both[3] = {0, 0, 0};
    return determinant(b, i, both);
}
static mv_status strict(bench *b) {
    mv_jacobian_opt o = {0};
    o.strict = 1;
    return mv_field_jacobian(b->ctx, &b->out, NULL, &b->aux[0], &o);
}
static double want_strict(const bench *b, size_t i) {
    double least = HUGE_VAL;
    int k;
    for (k = 0; k < 8; k++) {
        const int side[3] = {k & 1 ? 1 : -1, k & 2 ? 1 : -1, k & 4 ? 1 : -1};
        least = fmin(least, determinant(b, i, side));
    }
    return least;
}
static mv_status jacobian_stats(bench *b) {
    mv_jacobian_stats s;
    mv_status st = mv_field_jacobian(b->ctx, NULL, &s, &b->aux[0], NULL);
    b->numbers = 6;
    if (st < 0) return st;
    b->number[0] = s.mean, b->number[1] = s.least, b->number[2] = s.greatest;
    b->number[3] = s.log_mean, b->number[4] = s.log_sd, b->number[5] = s.share;
    return st;
}
static int check_stats(bench *b) {
    double sum = 0, logs = 0, squares = 0, least = HUGE_VAL, greatest = -HUGE_VAL;
    const double n = (double)voxels(b);
    size_t i;
    for (i = 0; i < voxels(b); i++) {
        const double j = want_jacobian(b, i), l = log(j);
        sum += j, logs += l, squares += l * l;
        least = fmin(least, j), greatest = fmax(greatest, j);
    }
    squares = sqrt(squares / n - logs / n * (logs / n));
    return !(fabs(b->number[0] - sum / n) < 1e-6 && fabs(b->number[1] - least) < 1e-5 &&
        fabs(b->number[2] - greatest) < 1e-5 && fabs(b->number[3] - logs / n) < 1e-6 &&
        fabs(b->number[4] - squares) < 1e-5 && b->number[5] == 0);
}
static mv_status exponential(bench *b) { return mv_field_exp(b->ctx, &b->out, &b->aux[0], NULL); }
static int squarings(const bench *b) { /* the longest start is half a voxel */
    int s = 0;
    while (ldexp(amount(b), -s) > 0.5) s++;
    return s;
}
static void flow(const bench *b, double *p) { /* Runge and Kutta's fourth order, 32 steps */
    const double h = 1.0 / 32;
    int k, d;
    for (k = 0; k < 32; k++) {
        double u[4][3], q[3];
        field_at(b, &b->aux[0], p, u[0]);
        for (d = 0; d < 3; d++) q[d] = p[d] + h / 2 * u[0][d];
        field_at(b, &b->aux[0], q, u[1]);
        for (d = 0; d < 3; d++) q[d] = p[d] + h / 2 * u[1][d];
        field_at(b, &b->aux[0], q, u[2]);
        for (d = 0; d < 3; d++) q[d] = p[d] + h * u[2][d];
        field_at(b, &b->aux[0], q, u[3]);
        for (d = 0; d < 3; d++) p[d] += h / 6 * (u[0][d] + 2 * u[1][d] + 2 * u[2][d] + u[3][d]);
    }
}
/* Away from the border, where the field has a kink: linear interpolation in each step, second differences. */
static int check_exp(bench *b) {
    const float *w = (const float *)b->out.data;
    const double second = amount(b) / sqrt(3.0) * (4 + 1) * pow(pi / ((double)b->side - 1), 2);
    const double most = 1e-4 + second * (squarings(b) + 1) / 8;
    size_t i;
    int d, near;
    for (i = 0; i < voxels(b); i += voxels(b) / 1000 + 1) {
        double p[3], q[3];
        place(b, i, p);
        for (near = d = 0; d < 3; d++)
            near |= fmin(p[d], (double)b->side - 1 - p[d]) < 2 * amount(b);
        if (near) continue;
        memcpy(q, p, sizeof q);
        flow(b, q);
        for (d = 0; d < 3; d++)
            if (!(fabs(w[voxels(b) * (size_t)d + i] / mm - (q[d] - p[d])) <= most)) return 1;
    }
    return 0;
}
static mv_status invert(bench *b) { return mv_field_invert(b->ctx, &b->out, &b->aux[0], NULL); }
static int check_invert(bench *b) { /* there and back, to a hundredth of a voxel */
    const float *w = (const float *)b->out.data;
    size_t i;
    int d;
    for (i = 0; i < voxels(b); i += voxels(b) / 4000 + 1) {
        double p[3], q[3], s = 0;
        place(b, i, p);
        for (d = 0; d < 3; d++) q[d] = p[d] + w[voxels(b) * (size_t)d + i] / mm;
        moved(b, &b->aux[0], q);
        for (d = 0; d < 3; d++) s += (q[d] - p[d]) * (q[d] - p[d]);
        if (!(sqrt(s) <= 0.0101)) return 1;
    }
    return 0;
}

/* ---- files ---- */
static mv_status write_field(bench *b) {
    mv_save_opt o = {0};
    o.no_sync = 1, o.gzip = -1;
    return mv_field_save(b->ctx, &b->aux[0], b->path[0], &o);
}
static mv_status target(bench *b) {
    bench_path(b, 0, ".nii");
    b->numbers = 1;
    return one_field(b);
}
static mv_status source(bench *b) {
    mv_status st = target(b);
    b->numbers = 0;
    return st < 0 ? st : write_field(b);
}
static int check_file(bench *b) { /* as an image: along x and y the other way, for the file's axes are LPS */
    const float *w = (const float *)b->aux[0].data;
    mv_volume v = {0};
    int bad = mv_load(b->ctx, &v, b->path[0], NULL) < 0 || v.ndim != 5 ||
        mv_volume_count(&v) != 3 * voxels(b);
    size_t i;
    for (i = 0; !bad && i < 3 * voxels(b); i++)
        bad = bench_value(&v, i) != (i < 2 * voxels(b) ? -(double)w[i] : (double)w[i]);
    mv_volume_free(b->ctx, &v);
    return bad;
}
static mv_status load(bench *b) { return mv_field_load(b->ctx, &b->out, b->path[0], NULL); }
static double want_same(const bench *b, size_t i) { return bench_value(&b->aux[0], i); }

/* Multiply-adds: 3 for the position and 7 blends an interpolated value, 21 of three components; labels: 7
   products and a sum a corner; cubic as in rows_resample.c. Splines on whole multiples: 4 taps an axis, of
   which along y and z an eighth. Determinants: 9 differences and 12; strict: 9, 4 pairs of columns with 6,
   and 8 with 3. exp: a composition each squaring and the start; inverse: three of them. */
static double work_exp(const bench *b) { return (squarings(b) + 1) * 27.0 * (double)voxels(b); }
#define ROW(name, dtype, bytes, count, how, ...)                                                             \
    {name, dtype, __VA_ARGS__, .floor = bytes, .fma = count, .setup = how}
const bench_row rows_field[] = {
    ROW("warp linear", MEDVOL_F32, "ca", 10, one_field, warp_linear, want_warp_linear, 4e-5),
    ROW("warp linear", MEDVOL_I16, "ma", 10, one_field, warp_linear, want_warp_linear, 4e-5),
    ROW("warp nearest", MEDVOL_U8, "ca", 3, one_field, warp_nearest, want_warp_nearest),
    ROW("warp of labels", MEDVOL_U8, "ca", 19, labels_setup, warp_labels, want_labels),
    ROW("warp cubic", MEDVOL_F32, "ca", 99, one_field, warp_cubic, want_warp_cubic, 1e-4),
    ROW("warp cubic convolution", MEDVOL_F32, "ca", 87, one_field, warp_conv, want_warp_conv, 1e-4),
    ROW("warp by a turn and a field", MEDVOL_F32, "ca", 34, one_field, warp_chain, want_chain, 4e-5),
    ROW("compose two fields", MEDVOL_F32, "abw", 9, two_fields, compose, want_compose, 1e-5),
    ROW("field of a b-spline", MEDVOL_F32, "w", 5, spline_setup, spline, want_spline, 1e-5),
    ROW("points through a field", MEDVOL_F32, "abw", 20, points_setup, points, want_points, 1e-12),
    ROW("jacobian", MEDVOL_F32, "aw", 21, one_field, jacobian, want_jacobian, 2e-6),
    ROW("jacobian, strict", MEDVOL_F32, "aw", 57, one_field, strict, want_strict, 2e-6),
    ROW("jacobian, statistics", MEDVOL_F32, "a", 21, one_field, jacobian_stats, .check = check_stats),
    {"field exp", MEDVOL_F32, exponential, .check = check_exp, .floor = "aw", .work = work_exp,
        .setup = one_field},
    ROW("field invert", MEDVOL_F32, "aw", 27, one_field, invert, .check = check_invert),
    ROW("field save nii", MEDVOL_F32, "fff", 0, target, write_field, .check = check_file),
    ROW("field load nii", MEDVOL_F32, "c", 0, source, load, want_same),
    {0},
};
#undef ROW
