/* rows_stats.c - correlations, fits, chi-squared of two images that are alike, angles in ranges. */
#define BENCH_MARK_CALLS
#include "bench.h"

static size_t voxels(const bench *b) { return b->side * b->side * b->side; }
static double first(const bench *b, size_t i) { return bench_value(&b->in, i); }
static double second(const bench *b, size_t i) { return bench_value(&b->aux[0], i); }
static int apart(double x, double y, double tolerance) { return !(fabs(x - y) <= tolerance * fabs(y)); }

/* the other image is darker and has more noise; aux[1]: weights */
static mv_status images(bench *b) {
    mv_status st = mv_volume_alloc(b->ctx, &b->aux[0], b->in.dtype, 3, b->in.dim);
    uint32_t seed = 3;
    size_t i;
    for (i = 0; i < voxels(b) && st >= 0; i++) {
        const double x = 0.8 * first(b, i) + 40.0 * (double)((seed = seed * 1664525u + 1013904223u) >> 8) /
            16777216.0;
        if (b->in.dtype == MEDVOL_F32) ((float *)b->aux[0].data)[i] = (float)x;
        else if (b->in.dtype == MEDVOL_F64) ((double *)b->aux[0].data)[i] = x;
        else ((int16_t *)b->aux[0].data)[i] = (int16_t)x;
    }
    return st;
}
static mv_status weighted_images(bench *b) {
    mv_status st = images(b);
    size_t i;
    if (st < 0) return st;
    st = mv_volume_alloc(b->ctx, &b->aux[1], MEDVOL_F32, 3, b->in.dim);
    for (i = 0; i < voxels(b) && st >= 0; i++) ((float *)b->aux[1].data)[i] = (float)(1 + i % 3);
    return st;
}
static double weight(const bench *b, size_t i) { return b->aux[1].data ? bench_value(&b->aux[1], i) : 1.0; }
/* of voxels from .. from + n - 1: r, and gain and offset of in as a line of aux[0] */
static void expected(const bench *b, size_t from, size_t n, double *r, double *gain, double *offset) {
    double w = 0, ma = 0, mb = 0, aa = 0, bb = 0, ab = 0;
    size_t i;
    for (i = from; i < from + n; i++) {
        const double f = weight(b, i);
        w += f, ma += f * first(b, i), mb += f * second(b, i);
    }
    ma /= w, mb /= w;
    for (i = from; i < from + n; i++) {
        const double f = weight(b, i), x = first(b, i) - ma, y = second(b, i) - mb;
        aa += f * x * x, bb += f * y * y, ab += f * x * y;
    }
    *r = ab / sqrt(aa * bb), *gain = ab / bb, *offset = ma - *gain * mb;
}
static int check_r(bench *b) {
    double r, gain, offset;
    expected(b, 0, voxels(b), &r, &gain, &offset);
    return apart(b->number[0], r, 1e-9);
}
static mv_status one(bench *b, mv_status st, const mv_correlation *c) {
    b->numbers = 1;
    if (st >= 0) b->number[0] = c->r;
    return st;
}
static mv_status ncc(bench *b) {
    mv_correlation c;
    mv_ncc_opt o = {0};
    o.weights = b->aux[1].data ? &b->aux[1] : NULL;
    return one(b, mv_ncc(b->ctx, &c, &b->in, &b->aux[0], &o), &c);
}
static mv_status pearson(bench *b) {
    mv_correlation c;
    mv_status st;
    if (b->in.dtype == MEDVOL_F64)
        st = mv_pearson_f64(b->ctx, &c, (const double *)b->in.data, (const double *)b->aux[0].data, NULL,
            voxels(b));
    else
        st = mv_pearson_f32(b->ctx, &c, (const float *)b->in.data, (const float *)b->aux[0].data, NULL,
            voxels(b));
    return one(b, st, &c);
}
/* ---- ten thousand pairs, many times: rows of the image, the first as the reference ---- */
static mv_status rows_of(bench *b) {
    const size_t rows = b->side * b->side;
    mv_correlation *c = (mv_correlation *)b->own;
    return one(b, mv_pearson_rows_f32(b->ctx, c, (const float *)b->in.data, rows,
        (const float *)b->aux[0].data + voxels(b) / 2, b->side), &c[rows / 2]);
}
static mv_status with_rows(bench *b) {
    b->own = calloc(b->side * b->side, sizeof(mv_correlation));
    return b->own ? images(b) : MEDVOL_E_NOMEM;
}
static void drop_own(bench *b) {
    free(b->own);
    b->own = NULL;
}
static int check_rows(bench *b) {
    const size_t row = b->side * b->side / 2 * b->side, ref = voxels(b) / 2;
    double ma = 0, mb = 0, aa = 0, bb = 0, ab = 0;
    size_t i;
    for (i = 0; i < b->side; i++) ma += first(b, row + i), mb += second(b, ref + i);
    ma /= (double)b->side, mb /= (double)b->side;
    for (i = 0; i < b->side; i++) {
        const double x = first(b, row + i) - ma, y = second(b, ref + i) - mb;
        aa += x * x, bb += y * y, ab += x * y;
    }
    return apart(b->number[0], ab / sqrt(aa * bb), 1e-9);
}
/* ---- lags of each row with the other image's ---- */
enum { LAGS = 15 };
static mv_status with_lags(bench *b) {
    b->own = calloc(b->side * b->side * (2 * LAGS + 1), sizeof(double));
    return b->own ? images(b) : MEDVOL_E_NOMEM;
}
static mv_status lags(bench *b) {
    const size_t rows = b->side * b->side;
    double *r = (double *)b->own;
    const double *row = r + rows / 2 * (2 * LAGS + 1);
    mv_status st = b->in.dtype == MEDVOL_F64
        ? mv_pearson_lags_f64(b->ctx, r, (const double *)b->in.data, (const double *)b->aux[0].data, rows,
              b->side, LAGS, 0)
        : mv_pearson_lags_f32(b->ctx, r, (const float *)b->in.data, (const float *)b->aux[0].data, rows,
              b->side, LAGS, 0);
    b->numbers = 3;
    b->number[0] = row[LAGS], b->number[1] = row[LAGS + 3], b->number[2] = row[LAGS - 7];
    return st;
}
static int check_lags(bench *b) {
    static const int lag[3] = {0, 3, -7};
    const size_t row = b->side * b->side / 2 * b->side;
    size_t k, i;
    for (k = 0; k < 3; k++) {
        const size_t d = (size_t)abs(lag[k]), n = b->side - d;
        const size_t p = row + (lag[k] < 0 ? d : 0), q = row + (lag[k] > 0 ? d : 0);
        double ma = 0, mb = 0, aa = 0, bb = 0, ab = 0;
        for (i = 0; i < n; i++) ma += first(b, p + i) / (double)n, mb += second(b, q + i) / (double)n;
        for (i = 0; i < n; i++) {
            const double x = first(b, p + i) - ma, y = second(b, q + i) - mb;
            aa += x * x, bb += y * y, ab += x * y;
        }
        if (!(fabs(b->number[k] - ab / sqrt(aa * bb)) <= 1e-9)) return 1;
    }
    return 0;
}
/* ---- fits of every slice ---- */
static mv_status with_gains(bench *b) {
    b->own = calloc(b->side, sizeof(mv_gain_offset));
    return b->own ? images(b) : MEDVOL_E_NOMEM;
}
static mv_status two(bench *b, mv_status st) {
    const mv_gain_offset *g = (const mv_gain_offset *)b->own + b->side / 2;
    b->numbers = 2;
    b->number[0] = g->gain, b->number[1] = g->offset;
    return st;
}
static mv_status gains(bench *b) {
    mv_gain_opt o = {0};
    o.split = 3;
    return two(b, mv_fit_gain_offset(b->ctx, (mv_gain_offset *)b->own, &b->in, &b->aux[0], &o));
}
static mv_status gain_rows(bench *b) {
    return two(b, mv_fit_gain_offset_f32(b->ctx, (mv_gain_offset *)b->own, (const float *)b->in.data, b->side,
        (const float *)b->aux[0].data, 1, NULL, b->side * b->side));
}
static int check_gains(bench *b) {
    const size_t n = b->side * b->side;
    double r, gain, offset;
    expected(b, b->side / 2 * n, n, &r, &gain, &offset);
    return apart(b->number[0], gain, 1e-8) || !(fabs(b->number[1] - offset) <= 1e-6 * (1 + fabs(offset)));
}
/* ---- chi-squared ---- */
static mv_status chi2(bench *b) {
    mv_chi2_sum c;
    mv_chi2_opt o = {0};
    mv_status st;
    o.sigma = 12;
    st = mv_chi2(b->ctx, &c, &b->in, &b->aux[0], &o);
    b->numbers = 1;
    b->number[0] = c.chi2;
    return st;
}
static int check_chi2(bench *b) {
    double sum = 0;
    size_t i;
    for (i = 0; i < voxels(b); i++) sum += (first(b, i) - second(b, i)) * (first(b, i) - second(b, i)) / 144;
    return apart(b->number[0], sum, 1e-9);
}
enum { FRAMES = 8 }; /* slabs of the image taken for a series */
static mv_status series(bench *b, mv_volume *v, const mv_volume *of) {
    size_t dim[4];
    dim[0] = dim[1] = b->side, dim[2] = b->side / FRAMES, dim[3] = FRAMES;
    return mv_volume_wrap(b->ctx, v, of->data, of->dtype, 4, dim, NULL);
}
static mv_status chi2_map(bench *b) {
    mv_chi2_opt o = {0};
    mv_volume d, e;
    mv_status st = series(b, &d, &b->in);
    o.sigma = 12;
    if (st >= 0) st = series(b, &e, &b->aux[0]);
    return st < 0 ? st : mv_chi2_map(b->ctx, &b->out, &d, &e, &o);
}
static double want_map(const bench *b, size_t i) {
    double sum = 0;
    size_t t;
    for (t = 0; t < FRAMES; t++) {
        const size_t at = i + t * (b->side * b->side * (b->side / FRAMES));
        sum += (first(b, at) - second(b, at)) * (first(b, at) - second(b, at)) / 144;
    }
    return sum;
}
/* ---- as many spokes as voxels by the golden angle ---- */
static mv_status spokes(bench *b) {
    const size_t n = voxels(b);
    mv_status st = mv_volume_alloc(b->ctx, &b->aux[0], MEDVOL_F64, 1, &n);
    size_t i;
    if (st >= 0) st = bench_room(b, &b->aux[1], 4 * n);
    for (i = 0; i < n && st >= 0; i++)
        ((double *)b->aux[0].data)[i] = fmod((double)i * 111.246117975, 360);
    return st;
}
static mv_status in_ranges(bench *b, double period) {
    static const mv_angle_range r[2] = {{-10, 10}, {170, 190}};
    mv_angle_opt o = {0, 0};
    size_t count = 0;
    mv_status st;
    o.period = period;
    st = mv_angle_select(b->ctx, (uint32_t *)b->aux[1].data, NULL, &count, (const double *)b->aux[0].data,
        voxels(b), r, 2, &o);
    b->numbers = 2;
    b->number[0] = (double)count;
    b->number[1] = period;
    return st;
}
static mv_status plain_angles(bench *b) { return in_ranges(b, 0); }
static mv_status turned_angles(bench *b) { return in_ranges(b, 360); }
static int check_angles(bench *b) {
    const double *x = (const double *)b->aux[0].data;
    const uint32_t *index = (const uint32_t *)b->aux[1].data;
    size_t i, n = 0;
    for (i = 0; i < voxels(b); i++)
        if ((x[i] >= 0 && x[i] <= 10) || (x[i] >= 170 && x[i] <= 190) || (b->number[1] > 0 && x[i] >= 350)) {
            if (index[n] != i) return 1;
            n++;
        }
    return b->number[0] != (double)n;
}

/* Multiply-adds a voxel: five sums in double (a difference each and three products), one for squares. */
#define ROW(name, dtype, bytes, count, how, run, right) \
    {name, dtype, run, .check = right, .floor = bytes, .fma = count, .setup = how}
const bench_row rows_stats[] = {
    ROW("correlation", MEDVOL_F32, "ra", 10, images, ncc, check_r),
    ROW("correlation", MEDVOL_I16, "ra", 10, images, ncc, check_r),
    ROW("correlation, weighted", MEDVOL_F32, "rab", 12, weighted_images, ncc, check_r),
    ROW("pearson", MEDVOL_F32, "ra", 10, images, pearson, check_r),
    ROW("pearson", MEDVOL_F64, "ra", 10, images, pearson, check_r),
    {"pearson of rows", MEDVOL_F32, rows_of, .check = check_rows, .floor = "r", .fma = 10, .setup = with_rows,
        .done = drop_own},
    {"pearson of rows, 31 lags", MEDVOL_F32, lags, .check = check_lags, .floor = "ra", .fma = 2 * 31,
        .setup = with_lags, .done = drop_own},
    {"pearson of rows, 31 lags", MEDVOL_F64, lags, .check = check_lags, .floor = "ra", .fma = 2 * 31,
        .setup = with_lags, .done = drop_own},
    {"gain and offset of slices", MEDVOL_F32, gains, .check = check_gains, .floor = "ra", .fma = 10,
        .setup = with_gains, .done = drop_own},
    {"gain and offset of arrays", MEDVOL_F32, gain_rows, .check = check_gains, .floor = "ra", .fma = 10,
        .setup = with_gains, .done = drop_own},
    ROW("chi-squared", MEDVOL_F32, "ra", 2, images, chi2, check_chi2),
    {"chi-squared map of 8 frames", MEDVOL_F32, chi2_map, want_map, 1e-6, .floor = "raw", .fma = 4,
        .setup = images},
    ROW("angles in ranges", MEDVOL_F64, "a", 2, spokes, plain_angles, check_angles),
    ROW("angles in ranges, by turns", MEDVOL_F64, "a", 4, spokes, turned_angles, check_angles),
    {0},
};
#undef ROW
