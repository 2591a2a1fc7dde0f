/* test_stats.c - correlation, gain and offset, chi-squared and the choice of angles against plain loops and
   closed forms. */
#include "test.h"

enum { BITS = 96 };
typedef struct moments { /* of pairs, by two passes in long double */
    size_t n;
    long double w, ma, mb, aa, bb, ab;
} moments;
static moments moments_of(const double *a, const double *b, const double *w, const unsigned char *in,
    size_t n) {
    moments m = {0, 0, 0, 0, 0, 0, 0};
    size_t i;
    int pass;
    for (pass = 0; pass < 2; pass++) {
        for (i = 0; i < n; i++) {
            const long double f = w ? (long double)w[i] : 1.0L;
            const long double x = (long double)a[i], y = (long double)b[i];
            if ((in && !in[i]) || !isfinite(a[i]) || !isfinite(b[i]) || f == 0) continue;
            if (pass == 0) m.n++, m.w += f, m.ma += f * x, m.mb += f * y;
            else m.aa += f * (x - m.ma) * (x - m.ma), m.bb += f * (y - m.mb) * (y - m.mb),
                m.ab += f * (x - m.ma) * (y - m.mb);
        }
        if (pass == 0) m.ma /= m.w, m.mb /= m.w;
    }
    return m;
}
static void check_r(const mv_correlation *c, const moments *m, size_t skipped, double tol) {
    CHECK(c->count == m->n && c->skipped == skipped && c->flags == 0);
    CHECK_NEAR(c->r, (double)(m->ab / sqrtl(m->aa * m->bb)), tol);
    CHECK_NEAR(c->mean_a, (double)m->ma, tol * (1 + fabs((double)m->ma)));
    CHECK_NEAR(c->mean_b, (double)m->mb, tol * (1 + fabs((double)m->mb)));
    CHECK_NEAR(c->sd_a, (double)sqrtl(m->aa / m->w), tol * c->sd_a);
    CHECK_NEAR(c->sd_b, (double)sqrtl(m->bb / m->w), tol * c->sd_b);
    CHECK_NEAR(c->covariance, (double)(m->ab / m->w), tol * c->sd_a * c->sd_b);
}
/* the bits of a result at the first level and thread count it was asked for at: the same at all */
static void same_bits(int which, const void *p, size_t bytes) {
    static uint32_t seen[BITS];
    static unsigned char known[BITS];
    const uint32_t crc = t_crc32(0, p, bytes);
    if (!known[which]) seen[which] = crc, known[which] = 1;
    CHECK(seen[which] == crc);
}
static void *room(size_t n) {
    void *p = malloc(n ? n : 1);
    if (!p) abort();
    return p;
}
static mv_volume wrapped(void *p, mv_dtype t, size_t x, size_t y, size_t z, size_t f) {
    const size_t dim[4] = {x, y, z, f};
    mv_volume v;
    memset(&v, 0, sizeof v);
    CHECK_OK(mv_volume_wrap(T, &v, p, t, 4, dim, NULL));
    return v;
}

static void pearson(void) {
    static const size_t lengths[] = {2, 3, 7, 8, 9, 15, 16, 17, 31, 33, 63, 64, 65, 511, 512, 513, 1000,
        10000,
        65535, 65536, 65537, 200003};
    size_t k, i;
    for (k = 0; k < sizeof lengths / sizeof *lengths; k++) {
        const size_t n = lengths[k];
        double *a = (double *)room(n * sizeof *a), *b = (double *)room(n * sizeof *b),
               *w = (double *)room(n * sizeof *w);
        float *fa = (float *)room(n * sizeof *fa), *fb = (float *)room(n * sizeof *fb),
              *fw = (float *)room(n * sizeof *fw);
        mv_correlation c[2];
        moments m;
        t_seed(k + 1);
        for (i = 0; i < n; i++) {
            fa[i] = (float)(100 + t_normal()), fb[i] = (float)(0.3 * (double)fa[i] + 0.2 * t_normal() - 1e3);
            fw[i] = i % 5 == 3 && n > 20 ? 0.0f : (float)t_uniform(0.1, 3);
            a[i] = (double)fa[i], b[i] = (double)fb[i], w[i] = (double)fw[i];
        }
        m = moments_of(a, b, NULL, NULL, n);
        CHECK_OK(mv_pearson_f64(T, &c[0], a, b, NULL, n));
        check_r(&c[0], &m, 0, 1e-11);
        CHECK_OK(mv_pearson_f32(T, &c[1], fa, fb, NULL, n));
        CHECK(!memcmp(&c[0], &c[1], sizeof *c)); /* the same numbers: the same bits */
        same_bits((int)k, c, sizeof *c);
        m = moments_of(a, b, w, NULL, n);
        CHECK_OK(mv_pearson_f64(T, &c[0], a, b, w, n));
        check_r(&c[0], &m, 0, 1e-11);
        CHECK_OK(mv_pearson_f32(T, &c[1], fa, fb, fw, n));
        CHECK(!memcmp(&c[0], &c[1], sizeof *c));
        same_bits((int)k + 24, c, sizeof *c);
        for (i = 0; i < n; i++) w[i] = 0.25;
        m = moments_of(a, b, NULL, NULL, n);
        CHECK_OK(mv_pearson_f64(T, &c[0], a, b, w, n));
        check_r(&c[0], &m, 0, 1e-11); /* equal weights are none */
        free(a), free(b), free(w), free(fa), free(fb), free(fw);
    }
}
/* x with a x + b is the sign of a; constants, few pairs, NaN, infinity, means far from 0 */
static void pearson_forms(void) {
    enum { N = 5000 };
    static double x[N], y[N], nan_at[N];
    static float f[N], g[N];
    static const double slope[4] = {1, -1, 3e-7, -2.5e6};
    mv_correlation c, d;
    moments m;
    size_t i, k;
    t_seed(5);
    for (i = 0; i < N; i++) x[i] = t_normal() * 10 + 4;
    for (k = 0; k < 4; k++) {
        for (i = 0; i < N; i++) y[i] = slope[k] * x[i] + 17;
        CHECK_OK(mv_pearson_f64(T, &c, x, y, NULL, N));
        CHECK_NEAR(c.r, slope[k] > 0 ? 1 : -1, k == 2 ? 1e-9 : 1e-12);
        CHECK(c.r >= -1 && c.r <= 1);
    }
    for (i = 0; i < N; i++) y[i] = 0.1; /* no double: a mean by a sum would not be it */
    CHECK_OK(mv_pearson_f64(T, &c, x, y, NULL, N));
    CHECK(c.r != c.r && c.flags == MEDVOL_FIT_CONSTANT_B && c.sd_b == 0 && c.mean_b == 0.1);
    CHECK_OK(mv_pearson_f64(T, &c, y, x, NULL, N));
    CHECK(c.r != c.r && c.flags == MEDVOL_FIT_CONSTANT_A);
    CHECK_OK(mv_pearson_f64(T, &c, y, x, y, N));
    CHECK(c.r != c.r && c.flags == MEDVOL_FIT_CONSTANT_A);
    CHECK_OK(mv_pearson_f64(T, &c, x, x, NULL, 1));
    CHECK(c.r != c.r && c.count == 1 && (c.flags & MEDVOL_FIT_FEW) && c.mean_a == x[0]);
    CHECK_OK(mv_pearson_f64(T, &c, x, x, NULL, 0));
    CHECK(c.r != c.r && c.count == 0 && c.flags == MEDVOL_FIT_FEW && c.mean_a != c.mean_a);
    for (i = 0; i < N; i += 2) nan_at[i] = 0, y[i] = 5; /* constant but where the weight is 0 */
    for (i = 1; i < N; i += 2) nan_at[i] = 2;
    CHECK_OK(mv_pearson_f64(T, &c, x, y, nan_at, N));
    CHECK(c.r != c.r && c.flags == MEDVOL_FIT_CONSTANT_B && c.count == N / 2 && c.mean_b == 0.1);
    for (i = 0; i < N; i += 2) y[i] = 0.1;
    y[N - 1] = 0.3; /* the last of many */
    CHECK_OK(mv_pearson_f64(T, &c, x, y, NULL, N));
    CHECK(c.flags == 0 && fabs(c.r) <= 1);
    for (i = 0; i < N; i++) y[i] = x[i] + t_normal();
    memcpy(nan_at, x, sizeof x);
    for (i = 0; i < N; i += 3) nan_at[i] = i % 2 ? (double)NAN : i % 4 ? HUGE_VAL : -HUGE_VAL;
    y[10] = (double)NAN;
    m = moments_of(nan_at, y, NULL, NULL, N);
    CHECK_OK(mv_pearson_f64(T, &c, nan_at, y, NULL, N));
    check_r(&c, &m, N - m.n, 1e-12);
    CHECK(m.n < N * 2 / 3 + 2);
    for (i = 0; i < N; i++) f[i] = (float)nan_at[i], g[i] = (float)y[i], x[i] = (double)f[i],
        y[i] = (double)g[i];
    CHECK_OK(mv_pearson_f64(T, &c, x, y, NULL, N));
    CHECK_OK(mv_pearson_f32(T, &d, f, g, NULL, N));
    CHECK(!memcmp(&c, &d, sizeof c));
    for (i = 0; i < N; i++) nan_at[i] = (double)NAN;
    CHECK_OK(mv_pearson_f64(T, &c, nan_at, y, NULL, N));
    CHECK(c.count == 0 && c.skipped == N && c.r != c.r && c.flags == MEDVOL_FIT_FEW);
    for (i = 0; i < N; i++) { /* a mean of 1e9, the first value far away from all */
        x[i] = (i ? 1e9 : -1e9) + t_normal(), y[i] = x[i] + t_normal();
        if (i == 0) y[i] = x[i] = -1e9;
    }
    m = moments_of(x, y, NULL, NULL, N);
    CHECK_OK(mv_pearson_f64(T, &c, x, y, NULL, N));
    check_r(&c, &m, 0, 1e-11);
    /* orthogonal: a cosine and a sine of whole periods; of 60 degrees: one half */
    for (i = 0; i < 4096; i++) x[i] = cos(6.283185307179586 * (double)i / 256),
        y[i] = sin(6.283185307179586 * (double)i / 256);
    CHECK_OK(mv_pearson_f64(T, &c, x, y, NULL, 4096));
    CHECK_NEAR(c.r, 0, 1e-13);
    for (i = 0; i < 4096; i++) y[i] = cos(6.283185307179586 * (double)i / 256 + 1.0471975511965976);
    CHECK_OK(mv_pearson_f64(T, &c, x, y, NULL, 4096));
    CHECK_NEAR(c.r, 0.5, 1e-13);
}
static void pearson_rows(void) {
    enum { N = 333, ROWS = 23 };
    static float data[ROWS][N], ref[N];
    mv_correlation c[ROWS], one;
    size_t i, k;
    t_seed(9);
    for (i = 0; i < N; i++) ref[i] = (float)t_normal();
    for (k = 0; k < ROWS; k++)
        for (i = 0; i < N; i++)
            data[k][i] = k == 4 ? 7.0f : (float)((double)ref[i] * ((double)k - 11) + 5 * t_normal());
    data[6][17] = (float)NAN;
    CHECK_OK(mv_pearson_rows_f32(T, c, &data[0][0], ROWS, ref, N));
    for (k = 0; k < ROWS; k++) {
        CHECK_OK(mv_pearson_f32(T, &one, data[k], ref, NULL, N));
        CHECK(!memcmp(&one, &c[k], sizeof one));
    }
    CHECK(c[4].flags == MEDVOL_FIT_CONSTANT_A && c[6].skipped == 1 && c[22].r > 0.8 && c[0].r < -0.8);
    CHECK_OK(mv_pearson_rows_f32(T, c, &data[0][0], ROWS, ref, 0));
    CHECK(c[ROWS - 1].flags == MEDVOL_FIT_FEW);
    CHECK_STATUS(mv_pearson_rows_f32(T, c, &data[0][0], 0, ref, N), MEDVOL_E_SIZE);
    CHECK_STATUS(mv_pearson_rows_f32(T, c, NULL, ROWS, ref, N), MEDVOL_E_NULL);
    CHECK_STATUS(mv_pearson_rows_f32(T, NULL, &data[0][0], ROWS, ref, N), MEDVOL_E_NULL);
}

/* ---- volumes: every real type, scaling, gaps, masks, weights, every split ---- */
enum { X = 19, Y = 7, Z = 5, F = 3, ALL = X * Y * Z * F };
static double real_of(const mv_volume *v, size_t i, size_t j, size_t k, size_t f) {
    const size_t at[4] = {i, j, k, f};
    size_t off = 0, d;
    double x;
    for (d = 0; d < 4; d++)
        if (v->dim[d] > 1) off += at[d] * (size_t)v->stride[d];
    x = t_value(v->data, v->dtype, off);
    return v->slope != 0 ? x * v->slope + v->inter : x;
}
static void values(void *p, mv_dtype t, size_t n, uint64_t seed) {
    const size_t z = mv_dtype_size(t);
    size_t i;
    t_seed(seed);
    for (i = 0; i < n; i++) {
        const double d = t_uniform(2, 100);
        const float f = (float)d;
        const uint64_t whole = (uint64_t)d;
        const uint16_t h = (uint16_t)(t == MEDVOL_F16 ? 0x3c00 + whole * 7 : 0x3f80 + whole * 3);
        unsigned char *q = (unsigned char *)p + i * z;
        if (t == MEDVOL_F32) memcpy(q, &f, 4);
        else if (t == MEDVOL_F64) memcpy(q, &d, 8);
        else if (t == MEDVOL_F16 || t == MEDVOL_BF16) memcpy(q, &h, 2);
        else if (T_BIG_ENDIAN) memcpy(q, (const char *)&whole + 8 - z, z);
        else memcpy(q, &whole, z);
    }
}
static size_t gather(double *x, const mv_volume *v, const mv_volume *shape, int split, size_t slice) {
    size_t i, j, k, f, n = 0;
    for (f = 0; f < shape->dim[3]; f++)
        for (k = 0; k < shape->dim[2]; k++)
            for (j = 0; j < shape->dim[1]; j++)
                for (i = 0; i < shape->dim[0]; i++) {
                    const size_t at[4] = {i, j, k, f};
                    if (split && at[split - 1] != slice) continue;
                    x[n++] = real_of(v, i, j, k, f);
                }
    return n;
}
static void volumes(void) {
    static double block[4][2 * ALL], x[ALL], y[ALL], w[ALL];
    static unsigned char in[ALL];
    static const size_t start[4] = {1, 0, 1, 0}, part[4] = {X - 3, Y, Z - 2, F};
    mv_correlation c[X];
    size_t type, i, s, n;
    int split, way;
    for (type = 0; type < 12; type++)
        for (way = 0; way < 8; way++)
            for (split = 0; split <= 4; split++) {
                mv_volume a, b, mask, weights;
                mv_ncc_opt o;
                memset(&o, 0, sizeof o);
                values(block[0], t_real_types[type], ALL, type + 1);
                values(block[1], t_real_types[(type + (size_t)way) % 12], ALL, type + 2);
                values(block[2], MEDVOL_F32, ALL, 77);
                for (i = 0; i < ALL; i++) ((int8_t *)block[3])[i] = (int8_t)(i * 7 % 5) - 1;
                a = wrapped(block[0], t_real_types[type], X, Y, Z, F);
                b = wrapped(block[1], t_real_types[(type + (size_t)way) % 12], X, Y, Z, F);
                mask = wrapped(block[3], MEDVOL_I8, X, Y, Z, way & 1 ? F : 1);
                weights = wrapped(block[2], MEDVOL_F32, way & 1 ? 1 : X, Y, Z, F);
                if (way & 2) a.slope = 0.5, a.inter = -3, b.slope = -2, b.inter = 1e3;
                if (way & 1) {
                    CHECK_OK(mv_volume_view(T, &a, &a, start, part));
                    CHECK_OK(mv_volume_view(T, &b, &b, start, part));
                    CHECK_OK(mv_volume_view(T, &mask, &mask, start, part));
                    weights = wrapped(block[2], MEDVOL_F32, 1, Y, Z - 2, F);
                }
                if (way & 4) o.mask = &mask;
                if (way & 3) o.weights = &weights;
                o.split = split;
                if (!CHECK_OK(mv_ncc(T, c, &a, &b, &o))) continue;
                for (s = 0; s < (split ? a.dim[split - 1] : 1); s++) {
                    moments m;
                    n = gather(x, &a, &a, split, s);
                    (void)gather(y, &b, &a, split, s);
                    if (o.mask) {
                        (void)gather(w, &mask, &a, split, s);
                        for (i = 0; i < n; i++) in[i] = w[i] > 0;
                    }
                    (void)gather(w, &weights, &a, split, s);
                    m = moments_of(x, y, o.weights ? w : NULL, o.mask ? in : NULL, n);
                    if (m.aa > 0 && m.bb > 0) check_r(&c[s], &m, 0, 1e-11);
                }
            }
}
static void large(void) { /* chunks, slices of several, the same in every layout */
    enum { N = 71, DEEP = 43 };
    float *p = (float *)room(2 * (size_t)N * N * DEEP * sizeof *p), *q = (float *)room((size_t)N * (N + 3) *
        DEEP * sizeof *q);
    mv_volume a = wrapped(p, MEDVOL_F32, N, N, DEEP, 1), b = wrapped(p + N * N * DEEP, MEDVOL_F32, N, N,
        DEEP, 1), g = a;
    mv_correlation c[N], d[N];
    mv_ncc_opt o;
    size_t i;
    t_seed(4);
    for (i = 0; i < 2 * (size_t)N * N * DEEP; i++)
        p[i] = (float)(t_normal() + (i >= (size_t)N * N * DEEP ? (double)p[i - N * N * DEEP] : 1000));
    g.data = q;
    g.stride[1] = N + 3, g.stride[2] = N * (N + 3), g.stride[3] = N * (N + 3) * DEEP;
    CHECK_OK(mv_volume_copy(T, &g, &a));
    memset(&o, 0, sizeof o);
    for (o.split = 0; o.split < 4; o.split++) {
        const size_t many = o.split ? a.dim[o.split - 1] : 1;
        CHECK_OK(mv_ncc(T, c, &a, &b, &o));
        CHECK_OK(mv_ncc(T, d, &g, &b, &o));
        CHECK(!memcmp(c, d, many * sizeof *c));
        same_bits(50 + o.split, c, many * sizeof *c);
        for (i = 0; i < many; i++) CHECK_NEAR(c[i].r, 0.7071, o.split ? 0.05 : 0.01);
    }
    CHECK(c[0].count == N * N);
    p[5] = (float)NAN; /* a whole chunk goes the slow way */
    q[5] = (float)NAN;
    o.split = 0;
    CHECK_OK(mv_ncc(T, c, &a, &b, &o));
    CHECK_OK(mv_ncc(T, d, &g, &b, &o));
    CHECK(c[0].skipped == 1 && !memcmp(c, d, sizeof *c));
    free(p), free(q);
}

/* ---- gain and offset ---- */
static void gains(void) {
    enum { N = 4000, ROWS = 6 };
    static float data[ROWS][N], model[ROWS][N], w[N];
    mv_gain_offset g[ROWS], h[ROWS];
    mv_volume d, t, v;
    mv_gain_opt o;
    size_t i, k;
    t_seed(3);
    for (k = 0; k < ROWS; k++)
        for (i = 0; i < N; i++) { /* mean 1e6, a signal of 1: one-pass sums in float, even in double, fail */
            model[k][i] = (float)(1e6 + 0.0625 * (double)(size_t)(t_bits() % 33));
            data[k][i] = (float)(3.0 * ((double)model[k][i] - 1e6) + 1e6);
            w[i] = (float)(1 + i % 3);
        }
    for (i = 0; i < N; i++) model[2][i] = 4.0f, data[3][i] = -2.0f;
    data[4][7] = (float)NAN, model[4][8] = (float)HUGE_VAL;
    CHECK_OK(mv_fit_gain_offset_f32(T, g, data[0], ROWS, model[0], 1, NULL, N));
    CHECK_NEAR(g[0].gain, 3, 1e-4);
    CHECK_NEAR(g[0].gain, 3, 1e-9);
    CHECK_NEAR(g[0].offset, 1e6 - 3e6, 1e-2);
    CHECK(g[0].residual < 1e-6 && g[0].r > 1 - 1e-9 && g[0].flags == 0 && g[0].count == N);
    CHECK(g[2].flags == MEDVOL_FIT_CONSTANT_B && g[2].gain != g[2].gain && g[2].offset != g[2].offset);
    CHECK(g[3].flags == MEDVOL_FIT_CONSTANT_A && g[3].gain == 0 && g[3].offset == -2 && g[3].r != g[3].r);
    CHECK(g[4].skipped == 2 && g[4].count == N - 2);
    CHECK_NEAR(g[4].gain, 3, 1e-9);
    CHECK_OK(mv_fit_gain_offset_f32(T, h, data[0], ROWS, model[0], 0, w, N));
    CHECK_NEAR(h[0].gain, 3, 1e-9);
    d = wrapped(data, MEDVOL_F32, N, ROWS, 1, 1);
    t = wrapped(model, MEDVOL_F32, N, ROWS, 1, 1);
    memset(&o, 0, sizeof o);
    o.split = 2;
    CHECK_OK(mv_fit_gain_offset(T, h, &d, &t, &o));
    CHECK(!memcmp(h, g, sizeof g));
    same_bits(60, g, sizeof g);
    /* noise of a known sigma: numpy.polyfit's formulas, by loops */
    for (k = 0; k < ROWS; k++)
        for (i = 0; i < N; i++) model[k][i] = (float)t_uniform(-1, 3),
            data[k][i] = (float)(2 * (double)model[k][i] - 7 + 0.5 * t_normal());
    v = wrapped(w, MEDVOL_F32, N, 1, 1, 1);
    for (k = 0; k < 4; k++) {
        o.weights = k & 1 ? &v : NULL;
        o.known = (int)(k >> 1);
        CHECK_OK(mv_fit_gain_offset(T, h, &d, &t, &o));
        for (i = 0; i < ROWS; i++) {
            double s0 = 0, s1 = 0, s2 = 0, y0 = 0, y1 = 0, rest = 0, det, a, b, s = 1;
            size_t j;
            for (j = 0; j < N; j++) {
                const double f = k & 1 ? (double)w[j] : 1, x = (double)model[i][j], y = (double)data[i][j];
                s0 += f, s1 += f * x, s2 += f * x * x, y0 += f * y, y1 += f * x * y;
            }
            det = s0 * s2 - s1 * s1;
            a = (s0 * y1 - s1 * y0) / det, b = (s2 * y0 - s1 * y1) / det;
            for (j = 0; j < N; j++) rest += (k & 1 ? (double)w[j] : 1) * pow((double)data[i][j] - a *
                (double)model[i][j] - b, 2);
            if (!o.known) s = rest / (N - 2);
            CHECK_NEAR(h[i].gain, a, 1e-10);
            CHECK_NEAR(h[i].offset, b, 1e-10);
            CHECK_NEAR(h[i].residual, rest, 1e-9 * rest);
            CHECK_NEAR(h[i].var_gain, s * s0 / det, 1e-9 * h[i].var_gain);
            CHECK_NEAR(h[i].var_offset, s * s2 / det, 1e-9 * h[i].var_offset);
            CHECK_NEAR(h[i].covariance, -s * s1 / det, 1e-9 * fabs(h[i].covariance));
            CHECK(fabs(h[i].gain - 2) < 6 * sqrt(h[i].var_gain));
        }
    }
    CHECK_OK(mv_fit_gain_offset_f32(T, g, data[0], 1, model[0], 0, NULL, 2));
    CHECK(g[0].flags == 0 && g[0].var_gain != g[0].var_gain && g[0].residual < 1e-9);
    CHECK_OK(mv_fit_gain_offset_f32(T, g, data[0], 1, model[0], 0, NULL, 1));
    CHECK((g[0].flags & MEDVOL_FIT_FEW) && g[0].gain != g[0].gain);
    CHECK_STATUS(mv_fit_gain_offset_f32(T, g, data[0], 1, model[0], 0, NULL, 0), MEDVOL_E_SIZE);
    CHECK_STATUS(mv_fit_gain_offset_f32(T, g, data[0], 0, model[0], 0, NULL, N), MEDVOL_E_SIZE);
    CHECK_STATUS(mv_fit_gain_offset_f32(T, g, NULL, 1, model[0], 0, NULL, N), MEDVOL_E_NULL);
    CHECK_STATUS(mv_fit_gain_offset_f32(T, g, data[0], 1, NULL, 0, NULL, N), MEDVOL_E_NULL);
    CHECK_STATUS(mv_fit_gain_offset(T, NULL, &d, &t, NULL), MEDVOL_E_NULL);
    CHECK_STATUS(mv_fit_gain_offset(T, g, &d, NULL, NULL), MEDVOL_E_NULL);
}

/* ---- chi-squared ---- */
static void chi2_forms(void) {
    enum { N = 100000 };
    double *x = (double *)room(N * sizeof *x);
    float *f = (float *)room(N * sizeof *f);
    mv_volume v = wrapped(x, MEDVOL_F64, 100, 100, 10, 1), u = wrapped(f, MEDVOL_F32, 100, 100, 10, 1);
    mv_chi2_sum c[10], e[10];
    mv_chi2_opt o;
    double sigma[10];
    size_t i;
    memset(&o, 0, sizeof o);
    /* a ramp 0, 1, ..: the sum of squares in closed form */
    for (i = 0; i < N; i++) x[i] = (double)i, f[i] = (float)i;
    o.sigma = 2, o.fitted = 10;
    CHECK_OK(mv_chi2(T, c, &v, NULL, &o));
    CHECK_NEAR(c[0].chi2, (N - 1.0) * N * (2.0 * N - 1) / 6 / 4, 1e-12 * c[0].chi2);
    CHECK(c[0].count == N && c[0].dof == N - 10 && c[0].skipped == 0);
    CHECK_NEAR(c[0].reduced, c[0].chi2 / (N - 10), 1e-12 * c[0].reduced);
    same_bits(61, c, sizeof *c);
    CHECK_OK(mv_chi2(T, e, &u, NULL, &o));
    CHECK(!memcmp(c, e, sizeof *c));
    CHECK_OK(mv_chi2(T, e, &u, &v, &o)); /* of two types */
    CHECK(e[0].chi2 == 0);
    /* residuals of a normal distribution: dof +- 3 sqrt(2 dof) */
    t_seed(21);
    for (i = 0; i < N; i++) x[i] = 3 + 0.7 * t_normal(), f[i] = 3.0f;
    o.sigma = 0.7, o.fitted = 0;
    CHECK_OK(mv_chi2(T, c, &v, &u, &o));
    CHECK(fabs(c[0].chi2 - c[0].dof) < 3 * sqrt(2 * c[0].dof));
    o.split = 3, o.sigma = 0, o.sigmas = sigma;
    for (i = 0; i < 10; i++) sigma[i] = 0.7 * (double)(i + 1);
    CHECK_OK(mv_chi2(T, e, &v, &u, &o));
    for (i = 0; i < 10; i++)
        CHECK(e[i].count == N / 10 && fabs(e[i].chi2 * (double)((i + 1) * (i + 1)) - N / 10) < 4 * sqrt(2.0
            * N / 10));
    x[3] = (double)NAN, x[99] = HUGE_VAL, x[N - 1] = -HUGE_VAL, f[200] = (float)NAN;
    CHECK_OK(mv_chi2(T, e, &v, &u, &o));
    CHECK(e[0].skipped == 3 && e[9].skipped == 1 && e[0].count == N / 10 - 3 && isfinite(e[0].chi2));
    o.fitted = N;
    CHECK_OK(mv_chi2(T, e, &v, &u, &o));
    CHECK(e[0].reduced != e[0].reduced && e[0].dof < 0);
    free(x), free(f);
}
/* a map of sigmas, a mask, against loops; errors of sigma name the place */
static void chi2_sigmas(void) {
    static float x[ALL], y[ALL], s[ALL];
    static uint8_t keep[ALL];
    mv_volume a = wrapped(x, MEDVOL_F32, X, Y, Z, F), b = wrapped(y, MEDVOL_F32, X, Y, Z, 1),
              sigma = wrapped(s, MEDVOL_F32, X, Y, Z, F), mask = wrapped(keep, MEDVOL_U8, X, Y, Z, F), dst;
    mv_chi2_sum c[X], was;
    mv_chi2_opt o;
    uint64_t skipped = 99;
    size_t i, k, n;
    int split;
    t_seed(31);
    memset(&o, 0, sizeof o);
    memset(&dst, 0, sizeof dst);
    for (i = 0; i < ALL; i++)
        x[i] = (float)t_normal(), y[i] = (float)t_normal(), s[i] = (float)t_uniform(0.5, 2),
            keep[i] = i % 7 != 0;
    x[40] = (float)NAN;
    o.sigma_map = &sigma, o.mask = &mask;
    for (split = 0; split <= 4; split++) {
        o.split = split;
        CHECK_OK(mv_chi2(T, c, &a, &b, &o));
        for (k = 0; k < (split ? a.dim[split - 1] : 1); k++) {
            double sum = 0;
            for (i = n = 0; i < ALL; i++) {
                const size_t at[4] = {i % X, i / X % Y, i / X / Y % Z, i / X / Y / Z};
                const double r = ((double)x[i] - (double)y[i % (X * Y * Z)]) / (double)s[i];
                if ((split && at[split - 1] != k) || !keep[i] || r != r) continue;
                sum += r * r, n++;
            }
            CHECK_NEAR(c[k].chi2, sum, 1e-12 * sum);
            CHECK(c[k].count == n);
        }
    }
    s[40] = -1.0f; /* neither counts: not finite, not in the mask */
    s[70] = 0.0f;
    keep[70] = 0;
    o.split = 0;
    CHECK_OK(mv_chi2(T, c, &a, &b, &o));
    memset(&was, 0x55, sizeof was);
    c[0] = was;
    s[X * Y * Z + 2 * X + 3] = (float)NAN, keep[X * Y * Z + 2 * X + 3] = 1;
    CHECK_STATUS(mv_chi2(T, c, &a, &b, &o), MEDVOL_E_RANGE);
    CHECK(strstr(mv_message(T), "(3, 2, 0, 1, 0, 0, 0)") && !memcmp(&was, c, sizeof was));
    o.mask = NULL;
    s[40] = 1.0f;
    CHECK_STATUS(mv_chi2_map(T, &dst, &a, &b, &o), MEDVOL_E_RANGE);
    CHECK(strstr(mv_message(T), "sigma_map at voxel (13, 3, 0, 0") && !dst.data);
    o.sigma_map = NULL;
    CHECK_STATUS(mv_chi2(T, c, &a, &b, &o), MEDVOL_E_RANGE);
    CHECK_STATUS(mv_chi2(T, c, &a, &b, NULL), MEDVOL_E_NULL);
    o.sigma = -1;
    CHECK_STATUS(mv_chi2(T, c, &a, &b, &o), MEDVOL_E_RANGE);
    o.sigma = (double)NAN;
    CHECK_STATUS(mv_chi2(T, c, &a, &b, &o), MEDVOL_E_RANGE);
    o.sigma = 1, o.sigma_map = &sigma;
    CHECK_STATUS(mv_chi2(T, c, &a, &b, &o), MEDVOL_E_RANGE);
    o.sigma_map = NULL, o.split = 5;
    CHECK_STATUS(mv_chi2(T, c, &a, &b, &o), MEDVOL_E_RANGE);
    o.split = 4, o.sigma = 0, o.sigmas = (const double[3]){1, 2, 0};
    CHECK_STATUS(mv_chi2(T, c, &a, &b, &o), MEDVOL_E_RANGE);
    CHECK(strstr(mv_message(T), "sigmas[2]"));
    CHECK_STATUS(mv_chi2_map(T, &dst, &a, &b, &o), MEDVOL_E_RANGE);
    o.split = 0, o.sigmas = (const double[3]){1, 2, 3};
    CHECK_STATUS(mv_chi2(T, c, &a, &b, &o), MEDVOL_E_RANGE);
    o.skipped = &skipped;
    CHECK_STATUS(mv_chi2_map(T, &a, &a, &a, &o), MEDVOL_E_ALIAS);
    CHECK_STATUS(mv_chi2_map(T, &b, &a, &b, &o), MEDVOL_E_ALIAS);
    CHECK_STATUS(mv_chi2_map(T, NULL, &a, &b, &o), MEDVOL_E_NULL);
    CHECK_STATUS(mv_chi2_map(T, &dst, &a, &b, NULL), MEDVOL_E_NULL);
    CHECK_STATUS(mv_chi2_map(T, &dst, &b, &a, &o), MEDVOL_E_SHAPE);
    CHECK(skipped == 99 && !dst.data);
}
static void chi2_maps(void) {
    enum { N = 37, M = 31, D = 3, T_ = 5, V = N * M * D };
    static float x[V * T_], y[V * T_], s[V * T_], want[V];
    static uint8_t keep[V];
    const double sigmas[T_] = {1, 0.5, 2, 3, 0.25};
    const size_t dim[5] = {N, M, D, 1, T_};
    mv_volume a = wrapped(x, MEDVOL_F32, N, M, D, T_), b = wrapped(y, MEDVOL_F32, N, M, D, T_),
              sm = wrapped(s, MEDVOL_F32, N, M, D, T_), mask = wrapped(keep, MEDVOL_U8, N, M, D, 1), five,
                  dst;
    mv_chi2_opt o;
    uint64_t skipped, bad;
    size_t i, t;
    int way;
    t_seed(41);
    for (i = 0; i < V * T_; i++)
        x[i] = (float)t_normal(), y[i] = (float)t_normal(), s[i] = (float)t_uniform(0.5, 2);
    for (i = 0; i < V; i++) keep[i] = i % 5 != 2;
    x[100] = x[100 + V] = (float)NAN, y[V * 4 + 3] = (float)HUGE_VAL;
    for (t = 0; t < T_; t++) x[200 + t * V] = (float)NAN; /* no frame counts */
    CHECK_OK(mv_volume_wrap(T, &five, x, MEDVOL_F32, 5, dim, NULL));
    for (way = 0; way < 48; way++) {
        memset(&o, 0, sizeof o);
        if (way % 3 == 0) o.sigma = 1.7;
        if (way % 3 == 1) o.sigmas = sigmas;
        if (way % 3 == 2) o.sigma_map = &sm;
        o.reduced = way / 3 & 1, o.fitted = way / 3 & 1 ? 2 : 0;
        if (way / 6 & 1) o.mask = &mask;
        o.skipped = &skipped;
        memset(&dst, 0, sizeof dst);
        if (!CHECK_OK(mv_chi2_map(T, &dst, way / 24 && way % 3 != 2 && !(way / 12 & 1) ? &five : &a,
            way / 12 & 1 ? &b : NULL, &o)) && way / 24) continue;
        CHECK(dst.dtype == MEDVOL_F32 && dst.ndim == 3 && mv_volume_count(&dst) == V);
        for (i = 0, bad = 0; i < V; i++) {
            double sum = 0, n = 0;
            for (t = 0; t < T_; t++) {
                const double d = (double)x[i + t * V] - (way / 12 & 1 ? (double)y[i + t * V] : 0);
                const double r = way % 3 == 2 ? d / (double)s[i + t * V] : d * (1.0 / (way % 3 ? sigmas[t]
                    : 1.7));
                if (!isfinite(d)) {
                    bad += !o.mask || keep[i];
                    continue;
                }
                sum += r * r, n++;
            }
            want[i] = o.reduced ? n - 2 < 1 ? (float)NAN : (float)(sum / (n - 2)) : (float)sum;
            if (o.mask && !keep[i]) want[i] = 0;
            CHECK(((const float *)dst.data)[i] == want[i] || (want[i] != want[i]
                && ((const float *)dst.data)[i] != ((const float *)dst.data)[i]));
        }
        CHECK(skipped == bad);
        mv_volume_free(T, &dst);
    }
    /* one frame, one axis, in place over the source's struct */
    memset(&dst, 0, sizeof dst);
    a = wrapped(x, MEDVOL_F32, N, M, D, 1);
    memset(&o, 0, sizeof o);
    o.sigma = 1;
    CHECK_OK(mv_chi2_map(T, &dst, &a, &a, &o));
    for (i = 0; i < V; i++) CHECK(((const float *)dst.data)[i] == 0);
    CHECK_OK(mv_chi2_map(T, &dst, &a, NULL, &o)); /* into memory that is there */
    CHECK(((const float *)dst.data)[5] == (float)((double)x[5] * (double)x[5]));
    mv_volume_free(T, &dst);
    CHECK_OK(mv_volume_alloc(T, &dst, MEDVOL_F64, 4, five.dim + 1));
    CHECK_STATUS(mv_chi2_map(T, &dst, &a, NULL, &o), MEDVOL_E_DTYPE);
    mv_volume_free(T, &dst);
}

static void chi2_long(void) { /* more chunks than the stack has room for, rows with gaps */
    enum { N = 901, M = 700, G = N + 2 };
    float *x = (float *)room(2 * (size_t)G * M * sizeof *x);
    mv_volume v = wrapped(x, MEDVOL_F32, N, M, 1, 2), dst, flat;
    mv_chi2_opt o;
    mv_chi2_sum c;
    double sum = 0;
    size_t i, j, bad = 0;
    memset(&o, 0, sizeof o);
    memset(&dst, 0, sizeof dst);
    memset(&flat, 0, sizeof flat);
    o.sigma = 0.5;
    v.stride[1] = G, v.stride[2] = v.stride[3] = G * M;
    t_seed(12);
    for (i = 0; i < 2 * (size_t)G * M; i++) x[i] = i % G < N ? (float)t_normal() : (float)NAN;
    CHECK_OK(mv_chi2_map(T, &dst, &v, NULL, &o));
    for (j = 0; j < M; j++)
        for (i = 0; i < N; i++) {
            const double p = 2 * (double)x[j * G + i], q = 2 * (double)x[(M + j) * G + i];
            bad += ((const float *)dst.data)[j * N + i] != (float)(p * p + q * q);
            sum += p * p + q * q;
        }
    CHECK(bad == 0);
    CHECK_OK(mv_chi2(T, &c, &v, NULL, &o));
    CHECK_NEAR(c.chi2, sum, 1e-11 * sum);
    CHECK_OK(mv_volume_copy(T, &flat, &v));
    sum = c.chi2;
    CHECK_OK(mv_chi2(T, &c, &flat, NULL, &o));
    CHECK(c.chi2 == sum && c.count == 2 * N * M); /* the bits, whatever the layout */
    mv_volume_free(T, &dst), mv_volume_free(T, &flat);
    free(x);
}

/* ---- angles ---- */
static void angle_edges(void) {
    static const double a[] = {-10, 10, -0.0, 0, -10.000001, 10.000001, 170, 190, -175, 359, 359.999, 180,
        370,
        -350, 5, 5, 1e300, 350, 349.99999, 720};
    enum { N = sizeof a / sizeof *a };
    const mv_angle_range two[2] = {{-10, 10}, {170, 190}}, back[1] = {{350, 10}}, whole[1] = {{0, 360}},
                         point[1] = {{90, 90}};
    double x[N + 3];
    uint32_t index[N + 3];
    uint8_t bits[(N + 3 + 7) / 8];
    mv_angle_opt o = {0, 0};
    size_t count, i;
    memcpy(x, a, sizeof a);
    x[N] = (double)NAN, x[N + 1] = HUGE_VAL, x[N + 2] = -HUGE_VAL;
#define SELECTED(k) (bits[(k) / 8] >> (k) % 8 & 1)
    CHECK_OK(mv_angle_select(T, index, bits, &count, x, N + 3, two, 2, NULL)); /* both ends, no period */
    CHECK(count == 9 && index[0] == 0 && index[1] == 1 && index[2] == 2 && index[3] == 3 && index[4] == 6 &&
        index[5] == 7 && index[6] == 11 && index[7] == 14 && index[8] == 15);
    for (i = 0; i < N + 3; i++) CHECK(SELECTED(i) == (i < 4 || i == 6 || i == 7 || i == 11 || i == 14
        || i == 15));
    CHECK(bits[(N + 2) / 8] >> ((N + 2) % 8 + 1) == 0);
    o.half_open = 1;
    CHECK_OK(mv_angle_select(T, index, bits, &count, x, N + 3, two, 2, &o));
    CHECK(count == 7 && SELECTED(0) && !SELECTED(1) && SELECTED(6) && !SELECTED(7));
    o.half_open = 0, o.period = 360; /* 359 and 359.999 are in -10..10, -175 in 170..190 */
    CHECK_OK(mv_angle_select(T, NULL, bits, &count, x, N + 3, two, 2, &o));
    for (i = 0; i < N + 3; i++)
        CHECK(SELECTED(i) == (i != 4 && i != 5 && i != 18 && i != 16 && i < N) || i == 16);
    CHECK_OK(mv_angle_select(T, NULL, bits, &count, x, N, back, 1, &o));
        /* through zero: the same as -10..10 */
    for (i = 0; i < N; i++)
        CHECK(SELECTED(i) == (i < 4 || i == 9 || i == 10 || i == 12 || i == 13 || i == 14 || i == 15
            || i == 17 || i == 19) || i == 16);
    CHECK_OK(mv_angle_select(T, index, NULL, &count, x, N + 3, whole, 1, &o));
    CHECK(count == N && index[N - 1] == N - 1);
    o.half_open = 1;
    CHECK_OK(mv_angle_select(T, index, NULL, &count, x, N + 3, whole, 1, &o));
    CHECK(count == N);
    CHECK_OK(mv_angle_select(T, index, NULL, &count, point[0].lo == 90 ? &point[0].lo : NULL, 1, point, 1,
        &o));
    CHECK(count == 0);
    o.half_open = 0;
    CHECK_OK(mv_angle_select(T, index, NULL, &count, &point[0].lo, 1, point, 1, &o));
    CHECK(count == 1);
    o.period = 180; /* spokes: theta as theta + 180 */
    CHECK_OK(mv_angle_select(T, NULL, bits, &count, x, N, two, 1, &o));
    CHECK(SELECTED(6) && SELECTED(7) && SELECTED(8) && SELECTED(11) && !SELECTED(4) && !SELECTED(5));
    CHECK_OK(mv_angle_select(T, index, bits, &count, x, N, NULL, 0, &o)); /* no range: none, never all */
    CHECK(count == 0 && bits[0] == 0);
    count = 7;
    CHECK_OK(mv_angle_select(T, index, bits, &count, NULL, 0, two, 2, &o));
    CHECK(count == 0);
    count = 7, o.period = 0;
    CHECK_STATUS(mv_angle_select(T, index, bits, &count, x, N, back, 1, &o), MEDVOL_E_RANGE);
    CHECK(strstr(mv_message(T), "ranges[0] = 350..10") && count == 7);
    o.period = -1;
    CHECK_STATUS(mv_angle_select(T, index, bits, &count, x, N, two, 2, &o), MEDVOL_E_RANGE);
    o.period = (double)NAN;
    CHECK_STATUS(mv_angle_select(T, index, bits, &count, x, N, two, 2, &o), MEDVOL_E_RANGE);
    CHECK_STATUS(mv_angle_select(T, index, bits, NULL, x, N, two, 2, NULL), MEDVOL_E_NULL);
    CHECK_STATUS(mv_angle_select(T, index, bits, &count, NULL, N, two, 2, NULL), MEDVOL_E_NULL);
    CHECK_STATUS(mv_angle_select(T, index, bits, &count, x, N, NULL, 2, NULL), MEDVOL_E_NULL);
    CHECK_STATUS(mv_angle_select(T, index, bits, &count, x, N, (const mv_angle_range[1]){{(double)NAN, 1}},
        1, NULL), MEDVOL_E_RANGE);
    CHECK_STATUS(mv_angle_select(T, index, bits, &count, x, N, (const mv_angle_range[1]){{0, HUGE_VAL}}, 1,
        NULL), MEDVOL_E_RANGE);
#if SIZE_MAX > 0xffffffff
    CHECK_STATUS(mv_angle_select(T, index, bits, &count, x, (size_t)1 << 32, two, 2, NULL), MEDVOL_E_SIZE);
#endif
}
/* golden-angle spokes and random ranges (more than a stage holds) against the rule itself */
static void angle_rule(void) {
    enum { N = 3001, M = 150 };
    static double x[N];
    static uint32_t index[N];
    static uint8_t bits[(N + 7) / 8];
    mv_angle_range r[M];
    size_t i, k, m, count, want;
    int way;
    t_seed(8);
    for (way = 0; way < 36; way++) {
        const double period = way % 3 == 0 ? 0 : way % 3 == 1 ? 180 : 360;
        mv_angle_opt o;
        o.period = period, o.half_open = way / 3 & 1;
        m = way < 30 ? (size_t)way / 6 : M;
        for (i = 0; i < N; i++) x[i] = (double)i * 111.246117975 - (i % 2 ? 2e4 : 0);
        for (k = 0; k < m; k++) {
            r[k].lo = t_uniform(-400, 400), r[k].hi = r[k].lo + t_uniform(0, m > 9 ? 0.3 : 60);
            if (period > 0 && k % 2) r[k].hi -= 2 * period; /* another turn: the same, through zero */
        }
        CHECK_OK(mv_angle_select(T, index, bits, &count, x, N, r, m, &o));
        for (i = want = 0; i < N; i++) {
            int in = 0, turn;
            for (k = 0; k < m; k++) {
                const double lo = r[k].lo, hi = r[k].hi < lo ? r[k].hi + 2 * period : r[k].hi;
                for (turn = -2; turn <= 2 && !in; turn++) {
                    const double a = x[i] + (period > 0 ? (ceil((lo - x[i]) / period) + turn) * period : 0);
                    in |= a >= lo && a <= hi;
                }
            }
            CHECK((bits[i / 8] >> i % 8 & 1) == in);
            if (in) CHECK(want < count && index[want] == i), want++;
        }
        CHECK(want == count);
    }
}

/* ---- lags: each overlap by itself, two passes in long double ---- */
static double lag_wanted(const double *a, const double *b, size_t n, ptrdiff_t l, size_t least) {
    const size_t from = l < 0 ? (size_t)-l : 0, to = l < 0 ? 0 : (size_t)l, d = l < 0 ? (size_t)-l : (size_t)l;
    const size_t m = d < n ? n - d : 0;
    size_t i, same_a = 0, same_b = 0;
    moments s;
    for (i = 0; i < m; i++) {
        if (!isfinite(a[from + i]) || !isfinite(b[to + i])) return (double)NAN;
        same_a += a[from + i] == a[from], same_b += b[to + i] == b[to];
    }
    if (m < 2 || m < least || same_a == m || same_b == m) return (double)NAN;
    s = moments_of(a + from, b + to, NULL, NULL, m);
    return (double)(s.ab / sqrtl(s.aa * s.bb));
}
static void lags_against(const double *a, const double *b, size_t rows, size_t n, size_t lags, size_t least,
    double tol, int which) {
    const size_t width = 2 * lags + 1;
    double *out = (double *)room(rows * width * sizeof *out);
    float *fa = (float *)room(rows * n * sizeof *fa), *fb = (float *)room(rows * n * sizeof *fb);
    double *again = (double *)room(rows * width * sizeof *again);
    size_t i, r, k;
    int floats = 1;
    for (i = 0; i < rows * width; i++) out[i] = again[i] = 5;
    for (i = 0; i < rows * n; i++) {
        fa[i] = (float)a[i], fb[i] = (float)b[i];
        floats = floats && !((double)fa[i] != a[i] && a[i] == a[i]) && !((double)fb[i] != b[i] && b[i] == b[i]);
    }
    CHECK_OK(mv_pearson_lags_f64(T, out, a, b, rows, n, lags, least));
    for (r = 0; r < rows; r++)
        for (k = 0; k < width; k++) {
            const ptrdiff_t l = (ptrdiff_t)k - (ptrdiff_t)lags;
            const double want = lag_wanted(a + r * n, b + r * n, n, l, least), got = out[r * width + k];
            if (want != want) CHECK(got != got);
            else if (!(fabs(got - want) <= tol) || fabs(got) > 1) {
                CHECK_NEAR(got, want, tol);
                fprintf(stderr, "  n %zu, lag %d of %zu, row %zu\n", n, (int)l, lags, r);
            }
        }
    CHECK_OK(mv_pearson_lags_f32(T, again, fa, fb, rows, n, lags, least));
    if (floats) CHECK(!memcmp(out, again, rows * width * sizeof *out)); /* the same numbers: the same bits */
    same_bits(which, out, rows * width * sizeof *out);
    free(out), free(again), free(fa), free(fb);
}
static void lags(void) {
    static const size_t sizes[][4] = {{1, 1, 0, 0}, {2, 1, 3, 0}, {1, 2, 1, 0}, {3, 3, 2, 2}, {2, 7, 9, 3}, {4, 16, 15, 0},
        {5, 31, 16, 0}, {3, 33, 40, 10}, {2, 100, 5, 0}, {1, 257, 256, 0}, {300, 40, 20, 0}, {2, 4099, 70, 0},
        {1, 9001, 33, 8990}};
    size_t k, i, n, rows;
    for (k = 0; k < sizeof sizes / sizeof *sizes; k++) {
        double *a, *b;
        rows = sizes[k][0], n = sizes[k][1];
        a = (double *)room(rows * n * sizeof *a), b = (double *)room(rows * n * sizeof *b);
        t_seed(k + 60);
        for (i = 0; i < rows * n; i++) {
            a[i] = (double)(float)(1e6 + t_normal()); /* a mean a million times the signal */
            b[i] = (double)(float)(0.5 * (a[i] - 1e6) + t_normal() - 300);
        }
        lags_against(a, b, rows, n, sizes[k][2], sizes[k][3], 1e-10, 64 + (int)k);
        for (i = 0; i < rows * n; i++) a[i] += 1e-3 * t_normal(); /* no floats; steps and drift */
        for (i = n / 2; i < n; i++) b[i] += 40 + 0.01 * (double)i;
        lags_against(a, b, rows, n, sizes[k][2], sizes[k][3], 1e-10, 77 + (int)k);
        free(a), free(b);
    }
}
static void lags_forms(void) {
    enum { N = 240, L = 60, W = 2 * L + 1 };
    static double a[N], b[N], out[2 * W];
    static float f[2 * N], g[2 * N];
    size_t i, k, best;
    ptrdiff_t s;
    t_seed(80);
    for (s = -L; s <= L; s += 13) { /* a shift is found where it is, and exactly */
        for (i = 0; i < N; i++) a[i] = t_normal() + 50;
        for (i = 0; i < N; i++) {
            const ptrdiff_t at = (ptrdiff_t)i - s;
            b[i] = at >= 0 && at < N ? -3 * a[at] + 7 : t_normal();
        }
        CHECK_OK(mv_pearson_lags_f64(T, out, a, b, 1, N, L, 0));
        for (best = 0, k = 1; k < W; k++)
            if (fabs(out[k]) > fabs(out[best])) best = k;
        CHECK((ptrdiff_t)best == L + s);
        CHECK_NEAR(out[best], -1, 1e-12);
    }
    for (i = 0; i < N; i++) a[i] = b[i] = 0; /* of period 24: r is cos(2 pi l / 24) over whole periods */
    for (i = 0; i < N; i++) a[i] = sin(2 * 3.14159265358979323846 * (double)i / 24);
    CHECK_OK(mv_pearson_lags_f64(T, out, a, a, 1, N, L, 0));
    for (k = 0; k < W; k++) {
        const int l = abs((int)k - L);
        if (l % 24 == 0) CHECK_NEAR(out[k], 1, 1e-12);
        if (l % 24 == 12) CHECK_NEAR(out[k], -1, 1e-12);
        if (l == 6) CHECK(fabs(out[k]) < 0.05);
    }
    for (i = 0; i < N; i++) a[i] = 1.25 * (double)(i % 7), b[i] = i < 190 ? 0.1 : (double)(i % 5); /* NaN: why */
    lags_against(a, b, 1, N, L, 0, 1e-10, 90);
    a[3] = (double)NAN, b[N - 2] = -HUGE_VAL;
    lags_against(a, b, 1, N, L, 0, 1e-10, 91);
    CHECK_OK(mv_pearson_lags_f64(T, out, a, b, 1, N, L, 0));
    for (k = 0; k < W; k++) /* where a begins after its NaN, b ends before its infinity, and is no constant */
        CHECK((out[k] == out[k]) == (k + 4 <= L && L - k < 50));
    for (i = 0; i < 2 * N; i++) f[i] = (float)t_normal(), g[i] = (float)t_normal();
    f[N + 5] = (float)NAN; /* of one row: the others do not see it */
    CHECK_OK(mv_pearson_lags_f32(T, out, f, g, 2, N, L, 0));
    for (k = 0; k < W; k++) CHECK(out[k] == out[k] && (out[W + k] == out[W + k]) == (k + 5 < L));
    for (i = 0; i < N; i++) a[i] = b[i] = i % 2 ? 1e200 : 0; /* overflows: NaN, nothing else */
    CHECK_OK(mv_pearson_lags_f64(T, out, a, b, 1, N, L, 0));
    for (k = 0; k < W; k++) CHECK(out[k] != out[k]);
    for (i = 0; i < N; i++) b[i] = (double)(i % 2); /* and when it is one of the two */
    CHECK_OK(mv_pearson_lags_f64(T, out, a, b, 1, N, L, 0));
    for (k = 0; k < W; k++) CHECK(out[k] != out[k]);
    CHECK_OK(mv_pearson_lags_f64(T, out, b, a, 1, N, L, 0));
    for (k = 0; k < W; k++) CHECK(out[k] != out[k]);
}
static int stop_later(void *user, double done, double total, const char *label) {
    CHECK(done >= 0 && done <= total && !strcmp(label, "pearson_lags_f32"));
    return ++*(int *)user > 1;
}
static void lags_refused(void) {
    enum { N = 60000, L = 700 };
    float *x = (float *)room(2 * N * sizeof *x);
    double *out = (double *)room((2 * L + 1) * sizeof *out), y[16] = {0};
    int calls = 0;
    size_t i;
    for (i = 0; i < 2 * N; i++) x[i] = (float)(i % 17);
    for (i = 0; i < 2 * L + 1; i++) out[i] = 5;
    CHECK_STATUS(mv_pearson_lags_f32(T, NULL, x, x, 1, 4, 1, 0), MEDVOL_E_NULL);
    CHECK_STATUS(mv_pearson_lags_f32(T, out, NULL, x, 1, 4, 1, 0), MEDVOL_E_NULL);
    CHECK_STATUS(mv_pearson_lags_f32(T, out, x, NULL, 1, 4, 1, 0), MEDVOL_E_NULL);
    CHECK_STATUS(mv_pearson_lags_f32(T, out, x, x, 0, 4, 1, 0), MEDVOL_E_SIZE);
    CHECK_STATUS(mv_pearson_lags_f32(T, out, x, x, 1, 0, 1, 0), MEDVOL_E_SIZE);
    CHECK_STATUS(mv_pearson_lags_f32(T, out, x, x, (size_t)-1 / 4, 9, 1, 0), MEDVOL_E_SIZE);
    CHECK_STATUS(mv_pearson_lags_f32(T, out, x, x, 1, 9, (size_t)-1 / 2, 0), MEDVOL_E_SIZE);
    CHECK_STATUS(mv_pearson_lags_f64(T, y, y + 1, y + 8, 1, 4, 1, 0), MEDVOL_E_ALIAS);
    CHECK_STATUS(mv_pearson_lags_f64(T, y + 8, y, y + 6, 1, 4, 1, 0), MEDVOL_E_ALIAS);
    CHECK(out[0] == 5);
    T->desc.progress = stop_later, T->desc.progress_user = &calls;
    CHECK_STATUS(mv_pearson_lags_f32(T, out, x, x + N, 1, N, L, 0), MEDVOL_E_CANCELLED);
    CHECK(calls == 2);
    T->desc.progress = NULL;
    free(x), free(out);
}

/* ---- what must be refused; outputs stay ---- */
static void refusals(void) {
    static float x[24], w[24];
    mv_volume a = wrapped(x, MEDVOL_F32, 4, 3, 2, 1), b = a, other = wrapped(x, MEDVOL_F32, 4, 2, 3, 1),
        c64 = a,
              weights = wrapped(w, MEDVOL_F32, 4, 3, 2, 1);
    mv_correlation c, was;
    mv_ncc_opt o;
    size_t i;
    memset(&o, 0, sizeof o);
    memset(&was, 0x33, sizeof was);
    for (i = 0; i < 24; i++) x[i] = (float)(i % 7), w[i] = 1;
    c = was;
    CHECK_STATUS(mv_ncc(T, NULL, &a, &b, NULL), MEDVOL_E_NULL);
    CHECK_STATUS(mv_ncc(T, &c, NULL, &b, NULL), MEDVOL_E_NULL);
    CHECK_STATUS(mv_ncc(T, &c, &a, NULL, NULL), MEDVOL_E_NULL);
    CHECK_STATUS(mv_ncc(T, &c, &a, &other, NULL), MEDVOL_E_SHAPE);
    c64.dtype = MEDVOL_C64;
    CHECK_STATUS(mv_ncc(T, &c, &c64, &b, NULL), MEDVOL_E_DTYPE);
    CHECK_STATUS(mv_ncc(T, &c, &a, &c64, NULL), MEDVOL_E_DTYPE);
    o.mask = &other;
    CHECK_STATUS(mv_ncc(T, &c, &a, &b, &o), MEDVOL_E_SHAPE);
    o.mask = NULL, o.split = -1;
    CHECK_STATUS(mv_ncc(T, &c, &a, &b, &o), MEDVOL_E_RANGE);
    o.split = 5;
    CHECK_STATUS(mv_ncc(T, &c, &a, &b, &o), MEDVOL_E_RANGE);
    o.split = 0, o.weights = &weights;
    w[17] = -1;
    CHECK_STATUS(mv_ncc(T, &c, &a, &b, &o), MEDVOL_E_RANGE);
    CHECK(strstr(mv_message(T), "weights at voxel (1, 1, 1, 0") && T->error.value == -1);
    w[17] = (float)NAN;
    CHECK_STATUS(mv_ncc(T, &c, &a, &b, &o), MEDVOL_E_RANGE);
    for (i = 0; i < 24; i++) x[i] = (float)NAN; /* also where no pair counts */
    CHECK_STATUS(mv_ncc(T, &c, &a, &b, &o), MEDVOL_E_RANGE);
    CHECK(!memcmp(&c, &was, sizeof c));
    CHECK_STATUS(mv_pearson_f32(T, NULL, x, x, NULL, 4), MEDVOL_E_NULL);
    CHECK_STATUS(mv_pearson_f32(T, &c, NULL, x, NULL, 4), MEDVOL_E_NULL);
    CHECK_STATUS(mv_pearson_f32(T, &c, x, NULL, NULL, 4), MEDVOL_E_NULL);
    CHECK_STATUS(mv_pearson_f32(T, &c, x, x, w, 24), MEDVOL_E_RANGE);
    CHECK_STATUS(mv_pearson_f64(T, &c, NULL, NULL, NULL, 4), MEDVOL_E_NULL);
    CHECK_OK(mv_pearson_f32(T_NONE, &c, w, w, NULL, 4));
}
static int stop(void *user, double done, double total, const char *label) {
    (void)done, (void)total, (void)label;
    return ++*(int *)user > 0;
}
static void cancelled(void) {
    const size_t n = 300000;
    float *x = (float *)room(n * sizeof *x);
    double *a = (double *)room(n * sizeof *a);
    mv_volume v = wrapped(x, MEDVOL_F32, n / 10, 10, 1, 1), dst;
    const mv_angle_range r[1] = {{0, 1}};
    mv_correlation c, was;
    mv_chi2_opt o;
    size_t i, count = 5;
    int calls = 0;
    memset(&o, 0, sizeof o);
    memset(&dst, 0, sizeof dst);
    memset(&was, 0x33, sizeof was);
    c = was;
    o.sigma = 1;
    for (i = 0; i < n; i++) x[i] = (float)i, a[i] = 0.5;
    T->desc.progress = stop, T->desc.progress_user = &calls;
    CHECK_STATUS(mv_pearson_f32(T, &c, x, x, NULL, n), MEDVOL_E_CANCELLED);
    CHECK(!memcmp(&c, &was, sizeof c));
    calls = 0;
    CHECK_STATUS(mv_chi2_map(T, &dst, &v, NULL, &o), MEDVOL_E_CANCELLED);
    CHECK(!dst.data);
    calls = 0;
    CHECK_STATUS(mv_angle_select(T, NULL, NULL, &count, a, n, r, 1, NULL), MEDVOL_E_CANCELLED);
    CHECK(count == 5);
    T->desc.progress = NULL;
    free(x), free(a);
}

const t_case tests_stats[] = {{"pearson", pearson, 0}, {"pearson_forms", pearson_forms, 0},
    {"pearson_rows", pearson_rows, 0}, {"volumes", volumes, 0}, {"large", large, 0}, {"gains", gains, 0},
    {"chi2_forms", chi2_forms, 0}, {"chi2_sigmas", chi2_sigmas, 0}, {"chi2_maps", chi2_maps, 0},
    {"chi2_long", chi2_long, 0},
    {"lags", lags, 0}, {"lags_forms", lags_forms, 0}, {"lags_refused", lags_refused, 0},
    {"angle_edges", angle_edges, 0}, {"angle_rule", angle_rule, 0}, {"refusals", refusals, 0},
    {"cancelled", cancelled, 0}, {NULL, NULL, 0}};
