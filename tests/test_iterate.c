/* test_iterate.c - operators, encodings and their adjoints, wavelets, terms against their optimality conditions,
   solvers against dense systems and one another, off-resonance, subspaces, BART's answers, bad input. */
#include "test.h"

#define TAU 6.28318530717958647692

typedef struct cplx {
    double re, im;
} cplx;
static cplx at(const mv_volume *v, size_t i) {
    cplx c = {((const float *)v->data)[2 * i], ((const float *)v->data)[2 * i + 1]};
    return c;
}
static int new_volume(mv_volume *v, mv_dtype type, int ndim, const size_t *dim) {
    memset(v, 0, sizeof *v);
    if (!CHECK_OK(mv_volume_alloc(T, v, type, ndim, dim))) return 0;
    memset(v->data, 0, mv_volume_count(v) * (type == MEDVOL_F32 ? 4 : 8));
    return 1;
}
static int new_image(mv_volume *v, size_t nx, size_t ny, size_t nz, size_t a, size_t b) {
    const size_t dim[5] = {nx, ny, nz, a, b};
    return new_volume(v, MEDVOL_C64, b > 1 ? 5 : a > 1 ? 4 : 3, dim);
}
static void noise(mv_volume *v) {
    const size_t n = mv_volume_count(v) * (v->dtype == MEDVOL_F32 ? 1 : 2);
    size_t i;
    for (i = 0; i < n; i++) ((float *)v->data)[i] = (float)t_uniform(-1, 1);
}
static double norm2(const mv_volume *v) {
    const size_t n = mv_volume_count(v);
    double s = 0;
    size_t i;
    for (i = 0; i < n; i++) s += at(v, i).re * at(v, i).re + at(v, i).im * at(v, i).im;
    return s;
}
static double apart(const mv_volume *a, const mv_volume *b) { /* |a - b| / |b| */
    const size_t n = 2 * mv_volume_count(b);
    const float *p = (const float *)a->data, *q = (const float *)b->data;
    double e = 0, m = 0;
    size_t i;
    if (!p || !q || mv_volume_count(a) != mv_volume_count(b)) return HUGE_VAL;
    for (i = 0; i < n; i++) {
        e += ((double)p[i] - (double)q[i]) * ((double)p[i] - (double)q[i]);
        m += (double)q[i] * (double)q[i];
    }
    return sqrt(e / m);
}
/* Smooth coils of unit length together; each set turned in phase. */
static int coils(mv_volume *v, size_t nx, size_t ny, size_t nz, size_t nc, size_t sets) {
    const size_t n = nx * ny * nz;
    size_t i, c, s;
    if (!new_image(v, nx, ny, nz, nc, sets)) return 0;
    for (s = 0; s < sets; s++)
        for (i = 0; i < n; i++) {
            const double x = (double)(i % nx) / (double)nx - 0.5,
                         y = (double)(i / nx % ny) / (double)ny - 0.5;
            double sum = 0;
            for (c = 0; c < nc; c++) {
                const double a = TAU * (double)c / (double)nc + 0.3 * (double)s + 0.1;
                const double dx = x - 0.7 * cos(a), dy = y - 0.7 * sin(a), m = 1 / (0.2 + dx * dx + dy * dy);
                float *q = (float *)v->data + 2 * (i + n * (c + nc * s));
                q[0] = (float)(m * cos(3 * x * sin(a) + 2 * y + a)),
                q[1] = (float)(m * sin(3 * x * sin(a) + 2 * y + a));
                sum += m * m;
            }
            for (c = 0; c < nc; c++) {
                float *q = (float *)v->data + 2 * (i + n * (c + nc * s));
                q[0] = (float)(q[0] / sqrt(sum)), q[1] = (float)(q[1] / sqrt(sum));
            }
        }
    return 1;
}

/* ---- wavelets ---- */
static const size_t shapes[][4] = {{16, 12, 1, 1}, {7, 5, 3, 1},   {13, 1, 1, 2},
                                   {1, 33, 2, 1},  {70, 37, 1, 1}, {2, 2, 2, 2}};
static void test_wavelet_turn(void) {
    size_t t;
    int w;
    for (t = 0; t < 6; t++)
        for (w = 0; w < 3; w++) {
            mv_volume x, y = {0}, z = {0}, rolled;
            mv_wavelet_opt o;
            const size_t *n = shapes[t];
            size_t i, k;
            memset(&o, 0, sizeof o);
            o.wavelet = w, o.levels = (int)(t % 4);
            if (!new_image(&x, n[0], n[1], n[2], n[3], 1)) return;
            t_seed(t);
            noise(&x);
            CHECK_OK(mv_wavelet_forward(T, &y, &x, &o));
            if (w < MEDVOL_WAVELET_CDF97) CHECK_NEAR(norm2(&y) / norm2(&x), 1, 1e-6);
            else CHECK(norm2(&y) < 4 * norm2(&x) && norm2(&x) < 4 * norm2(&y));
            CHECK_OK(mv_wavelet_inverse(T, &z, &y, &o));
            CHECK_NEAR(apart(&z, &x), 0, w == MEDVOL_WAVELET_CDF97 ? 2e-6 : 1e-6);
            /* a shift is a turn of the array, and in place is the same to the bit */
            for (k = 0; k < 4; k++) o.shift[k] = n[k] / 3;
            if (!new_image(&rolled, n[0], n[1], n[2], n[3], 1)) return;
            for (i = 0; i < mv_volume_count(&x); i++) {
                size_t rest = i, from = 0, step = 1;
                for (k = 0; k < 4; k++) {
                    from += (rest % n[k] + o.shift[k]) % n[k] * step;
                    step *= n[k], rest /= n[k];
                }
                memcpy((float *)rolled.data + 2 * i, (const float *)x.data + 2 * from, 8);
            }
            CHECK_OK(mv_wavelet_forward(T, &y, &x, &o));
            memset(o.shift, 0, sizeof o.shift);
            CHECK_OK(mv_wavelet_forward(T, &rolled, &rolled, &o));
            CHECK(memcmp(y.data, rolled.data, 8 * mv_volume_count(&x)) == 0);
            for (k = 0; k < 4; k++) o.shift[k] = n[k] / 3;
            CHECK_OK(mv_volume_copy(T, &rolled, &x));
            CHECK_OK(mv_wavelet_forward(T, &rolled, &rolled, &o));
            CHECK(memcmp(y.data, rolled.data, 8 * mv_volume_count(&x)) == 0);
            CHECK_OK(mv_wavelet_inverse(T, &rolled, &rolled, &o));
            CHECK_NEAR(apart(&rolled, &x), 0, 2e-6);
            mv_volume_free(T, &x), mv_volume_free(T, &y), mv_volume_free(T, &z), mv_volume_free(T, &rolled);
        }
}
/* against the filters themselves, one level along one axis */
static void test_wavelet_taps(void) {
    static const double r3 = 1.7320508075688772, q = 5.656854249492381;
    const double h[2][4] = {{(1 + r3) / q, (3 + r3) / q, (3 - r3) / q, (1 - r3) / q},
                            {0.70710678118654752, 0.70710678118654752, 0, 0}};
    size_t n, j;
    int w, axis;
    for (w = 0; w < 2; w++)
        for (axis = 0; axis < 3; axis++)
            for (n = 2; n < 40; n += n < 10 ? 1 : 7) {
                size_t dim[3] = {3, 2, 2}, step = 1, other, m = n / 2, k;
                mv_volume x, y = {0};
                mv_wavelet_opt o;
                double wrong = 0;
                memset(&o, 0, sizeof o);
                dim[axis] = n;
                o.wavelet = w, o.levels = 1, o.axes = 1u << axis;
                if (!new_image(&x, dim[0], dim[1], dim[2], 1, 1)) return;
                t_seed(n);
                noise(&x);
                for (k = 0; k < (size_t)axis; k++) step *= dim[k];
                CHECK_OK(mv_wavelet_forward(T, &y, &x, &o));
                for (other = 0; other < mv_volume_count(&x) / n; other++) {
                    const size_t base = other % step + other / step * step * n;
                    for (j = 0; j < m; j++) {
                        cplx lo = {0, 0}, hi = {0, 0}, got;
                        for (k = 0; k < 4; k++) {
                            const cplx v = at(&x, base + step * ((2 * j + k) % (2 * m)));
                            const double g = (k % 2 ? -1 : 1) * h[w][3 - k];
                            lo.re += h[w][k] * v.re, lo.im += h[w][k] * v.im;
                            hi.re += g * v.re, hi.im += g * v.im;
                        }
                        got = at(&y, base + step * j);
                        wrong = fmax(wrong, hypot(got.re - lo.re, got.im - lo.im));
                        got = at(&y, base + step * (n - m + j));
                        wrong = fmax(wrong, hypot(got.re - hi.re, got.im - hi.im));
                    }
                    if (n % 2) {
                        const cplx a = at(&x, base + step * (n - 1)), b = at(&y, base + step * m);
                        CHECK(a.re == b.re && a.im == b.im);
                    }
                }
                CHECK_NEAR(wrong, 0, 1e-6);
                mv_volume_free(T, &x), mv_volume_free(T, &y);
            }
}
static void test_wavelet_views(void) {
    const size_t big[3] = {21, 19, 4}, start[3] = {2, 1, 1}, size[3] = {17, 16, 2};
    mv_volume room, view, whole = {0}, x = {0}, y = {0}, z = {0};
    mv_wavelet_opt o;
    memset(&o, 0, sizeof o);
    o.wavelet = MEDVOL_WAVELET_CDF97;
    if (!new_volume(&room, MEDVOL_C64, 3, big)) return;
    t_seed(3);
    noise(&room);
    CHECK_OK(mv_volume_copy(T, &whole, &room));
    CHECK_OK(mv_volume_view(T, &view, &room, start, size));
    CHECK_OK(mv_volume_copy(T, &x, &view));
    CHECK_OK(mv_wavelet_forward(T, &y, &x, &o));
    CHECK_OK(mv_wavelet_forward(T, &z, &view, &o));
    CHECK(memcmp(z.data, y.data, 8 * mv_volume_count(&y)) == 0);
    CHECK_OK(mv_wavelet_forward(T, &view, &view, &o)); /* in place, with gaps, which stay */
    mv_volume_free(T, &z);
    CHECK_OK(mv_volume_copy(T, &z, &view));
    CHECK(memcmp(z.data, y.data, 8 * mv_volume_count(&y)) == 0);
    CHECK(((float *)room.data)[0] == ((float *)whole.data)[0]);
    ((float *)x.data)[9] = (float)NAN;
    CHECK_OK(mv_wavelet_forward(T, &x, &x, &o));
    mv_volume_free(T, &room), mv_volume_free(T, &whole), mv_volume_free(T, &x), mv_volume_free(T, &y),
        mv_volume_free(T, &z);
}
/* BART extends lines beyond their ends; within, the finest coefficients are the same ones. */
static void test_wavelet_bart(void) {
    mv_volume img, want, y = {0};
    mv_wavelet_opt o;
    size_t i, j, band;
    double wrong = 0;
    memset(&o, 0, sizeof o);
    if (!t_shared(&img, "bart_ref/ph_img") || !t_shared(&want, "bart_ref/wav")) {
        t_skip("no shared data");
        return;
    }
    o.levels = 1;
    CHECK_OK(mv_wavelet_forward(T, &y, &img, &o));
    for (band = 1; band < 4; band++) /* behind 1372 of coarser ones: high along x, y, both */
        for (j = 3; j < 30; j++)
            for (i = 3; i < 30; i++) {
                const cplx a = at(&y, 32 * (band & 1) + i - 1 + 64 * (32 * (band >> 1) + j - 1));
                const cplx b = at(&want, 1372 + 1089 * (band - 1) + i + 33 * j);
                wrong = fmax(wrong, hypot(a.re - b.re, a.im - b.im));
            }
    CHECK_NEAR(wrong, 0, 1e-6);
    mv_volume_free(T, &want), mv_volume_free(T, &y);
    if (t_shared(&want, "bart_ref/cdf97")) { /* two levels, which treat their ends in another way */
        o.wavelet = MEDVOL_WAVELET_CDF97, o.levels = 2;
        CHECK_OK(mv_wavelet_forward(T, &y, &img, &o));
        for (wrong = 0, j = 0; j < 64; j++)
            for (i = 0; i < 64; i++) {
                const size_t x = i < 16   ? i
                                 : i < 32 ? i - 16
                                          : (i - 32) / 2,
                             z = j < 16   ? j
                                 : j < 32 ? j - 16
                                          : (j - 32) / 2;
                const cplx a = at(&y, i + 64 * j), b = at(&want, i + 64 * j);
                if (x >= 3 && x < 13 && z >= 3 && z < 13)
                    wrong = fmax(wrong, hypot(a.re - b.re, a.im - b.im));
            }
        CHECK_NEAR(wrong, 0, 1e-4);
        mv_volume_free(T, &want);
    }
    mv_volume_free(T, &img), mv_volume_free(T, &y);
}

/* ---- terms ---- */
static double objective(const mv_volume *p, const mv_volume *v, const mv_reg *r, double step) {
    const size_t n = mv_volume_count(v);
    double value = 0, e = 0;
    size_t i;
    CHECK_OK(mv_reg_value(T, &value, p, r));
    for (i = 0; i < n; i++) {
        const cplx a = at(p, i), b = at(v, i);
        e += (a.re - b.re) * (a.re - b.re) + (a.im - b.im) * (a.im - b.im);
    }
    return 0.5 * e + step * value;
}
/* Nothing near the prox is better: towards 0, the source, noise, a constant. */
static void optimal(const mv_volume *v, const mv_reg *r, double step, double slack) {
    mv_volume p = {0}, q = {0}, back = {0};
    double best;
    size_t i;
    int k, sign;
    CHECK_OK(mv_prox(T, &p, v, r, step));
    best = objective(&p, v, r, step);
    CHECK(best <= objective(v, v, r, step) * (1 + 1e-6));
    CHECK_OK(mv_volume_copy(T, &q, v));
    for (k = 0; k < 12; k++)
        for (sign = -1; sign <= 1; sign += 2) {
            const double h = sign * (k % 3 == 0 ? 0.1 : k % 3 == 1 ? 0.02 : 0.004);
            for (i = 0; i < 2 * mv_volume_count(v); i++) {
                const float a = ((const float *)p.data)[i], b = ((const float *)v->data)[i];
                const double d = k < 3   ? (double)a
                                 : k < 6 ? (double)b - (double)a
                                 : k < 9 ? t_uniform(-1, 1)
                                         : 0.3;
                ((float *)q.data)[i] = (float)((double)a + h * d);
            }
            CHECK(objective(&q, v, r, step) >= best * (1 - slack));
        }
    CHECK_OK(mv_volume_copy(T, &back, v)); /* in place: the same bits */
    CHECK_OK(mv_prox(T, &back, &back, r, step));
    CHECK(memcmp(back.data, p.data, 8 * mv_volume_count(v)) == 0);
    mv_volume_free(T, &p), mv_volume_free(T, &q), mv_volume_free(T, &back);
}
static void test_prox(void) {
    static const struct {
        int kind, wavelet;
        unsigned axes, joint;
        size_t block;
        size_t n[5];
    } k[] = {{MEDVOL_REG_L2, 0, 0, 0, 0, {7, 5, 1, 1, 1}},
             {MEDVOL_REG_L1, 0, 0, 0, 0, {19, 5, 1, 1, 1}},
             {MEDVOL_REG_L1, 0, 0, 8, 0, {5, 4, 1, 3, 2}},
             {MEDVOL_REG_WAVELET, MEDVOL_WAVELET_DB4, 0, 0, 0, {17, 12, 1, 2, 1}},
             {MEDVOL_REG_WAVELET, MEDVOL_WAVELET_HAAR, 3, 8, 0, {18, 7, 1, 2, 2}},
             {MEDVOL_REG_TV, 0, 0, 0, 0, {21, 13, 1, 1, 1}},
             {MEDVOL_REG_TV, 0, 0, 0, 0, {6, 5, 4, 1, 1}},
             {MEDVOL_REG_TV, 0, 8, 0, 0, {5, 4, 1, 6, 1}},
             {MEDVOL_REG_TV, 0, 1, 0, 0, {40, 3, 1, 1, 1}},
             {MEDVOL_REG_LLR, 0, 0, 0, 4, {10, 9, 1, 3, 1}},
             {MEDVOL_REG_LLR, 0, 7, 24, 3, {5, 4, 3, 2, 3}}};
    size_t t;
    for (t = 0; t < sizeof k / sizeof *k; t++) {
        mv_volume v;
        mv_reg r;
        memset(&r, 0, sizeof r);
        r.kind = k[t].kind, r.wavelet = k[t].wavelet, r.axes = k[t].axes, r.joint = k[t].joint,
        r.block = k[t].block;
        r.lambda = 0.5;
        if (!new_image(&v, k[t].n[0], k[t].n[1], k[t].n[2], k[t].n[3], k[t].n[4])) return;
        t_seed(t);
        noise(&v);
        optimal(&v, &r, 0.4, r.kind == MEDVOL_REG_TV ? 2e-5 : 2e-6);
        optimal(&v, &r, 3.0, r.kind == MEDVOL_REG_TV ? 1e-4 : 2e-6);
        mv_volume_free(T, &v);
    }
}
/* Closed forms: shrunk numbers; a series of rank 1 keeps its shape; a constant has no variation. */
static void test_prox_closed(void) {
    mv_volume v, p = {0};
    mv_reg r;
    double value, s = 0;
    size_t i, j;
    memset(&r, 0, sizeof r);
    r.kind = MEDVOL_REG_L1, r.lambda = 2;
    if (!new_image(&v, 37, 1, 1, 1, 1)) return;
    t_seed(9);
    noise(&v);
    ((float *)v.data)[0] = ((float *)v.data)[1] = 0;
    CHECK_OK(mv_prox(T, &p, &v, &r, 0.2));
    for (i = 0; i < 37; i++) {
        const cplx a = at(&v, i), b = at(&p, i);
        const double m = hypot(a.re, a.im), f = m > 0.4 ? 1 - 0.4 / m : 0;
        CHECK_NEAR(b.re, f * a.re, 1e-6);
        CHECK_NEAR(b.im, f * a.im, 1e-6);
        s += m;
    }
    CHECK_OK(mv_reg_value(T, &value, &v, &r));
    CHECK_NEAR(value, 2 * s, 1e-5);
    mv_volume_free(T, &v), mv_volume_free(T, &p);
    r.kind = MEDVOL_REG_LLR, r.block = 6, r.lambda = 0.7; /* one block of 36 voxels, 5 times */
    if (!new_image(&v, 6, 6, 1, 5, 1)) return;
    for (s = 0, i = 0; i < 36; i++)
        for (j = 0; j < 5; j++) {
            const double m = (1 + (double)i) * (2 - 0.3 * (double)j) * 0.02;
            ((float *)v.data)[2 * (i + 36 * j)] = (float)(m * cos((double)(i + j))),
                                            ((float *)v.data)[2 * (i + 36 * j) + 1] =
                                                (float)(m * sin((double)(i + j)));
            s += m * m;
        }
    s = sqrt(s);
    CHECK_OK(mv_reg_value(T, &value, &v, &r));
    CHECK_NEAR(value, 0.7 * s, 1e-5 * s);
    CHECK_OK(mv_prox(T, &p, &v, &r, 1));
    for (i = 0; i < 180; i++) CHECK_NEAR(at(&p, i).re, at(&v, i).re * (1 - 0.7 / s), 1e-6);
    r.lambda = 2 * s;
    CHECK_OK(mv_prox(T, &p, &v, &r, 1));
    CHECK(norm2(&p) == 0);
    for (i = 0; i < 360; i++) ((float *)v.data)[i] = i % 7 == 3 ? 0 : (float)t_uniform(-1, 1);
    r.block = 1, r.lambda = 1; /* of one voxel: the length of its series */
    for (value = 0, j = 0; j < 36; j++) {
        double m = 0;
        for (i = 0; i < 5; i++)
            m +=
                at(&v, j + 36 * i).re * at(&v, j + 36 * i).re + at(&v, j + 36 * i).im * at(&v, j + 36 * i).im;
        value += sqrt(m);
    }
    s = value;
    CHECK_OK(mv_reg_value(T, &value, &v, &r));
    CHECK_NEAR(value, s, 1e-5 * s);
    r.kind = MEDVOL_REG_TV, r.axes = 15, r.block = 0;
    for (i = 0; i < 360; i++) ((float *)v.data)[i] = 0.25f;
    CHECK_OK(mv_reg_value(T, &value, &v, &r));
    CHECK(value == 0);
    CHECK_OK(mv_prox(T, &p, &v, &r, 1));
    CHECK_NEAR(apart(&p, &v), 0, 1e-6);
    for (i = 0; i < 360; i++)
        ((float *)v.data)[i] = i % 12 < 6 ? 0.0f : 1.0f; /* steps of |1 + i| in each row */
    CHECK_OK(mv_reg_value(T, &value, &v, &r));
    CHECK_NEAR(value, 30 * sqrt(2.0), 1e-3);
    mv_volume_free(T, &v), mv_volume_free(T, &p);
}

/* ---- operators ---- */
typedef struct dense {
    size_t m, n;
    const float *a; /* m x n complex, columns */
    int wrong;
} dense;
static mv_status dense_forward(mv_ctx *ctx, const void *user, float *dst, const float *src) {
    const dense *d = (const dense *)user;
    size_t i, j;
    (void)ctx;
    for (i = 0; i < d->m; i++) {
        double re = 0, im = 0;
        for (j = 0; j < d->n; j++) {
            const float *p = d->a + 2 * (i + d->m * j), *q = src + 2 * j;
            re += (double)p[0] * (double)q[0] - (double)p[1] * (double)q[1];
            im += (double)p[0] * (double)q[1] + (double)p[1] * (double)q[0];
        }
        dst[2 * i] = (float)re, dst[2 * i + 1] = (float)im;
    }
    return d->wrong == 4 ? MEDVOL_E_IO : MEDVOL_OK;
}
static mv_status dense_adjoint(mv_ctx *ctx, const void *user, float *dst, const float *src) {
    const dense *d = (const dense *)user;
    size_t i, j;
    (void)ctx;
    for (j = 0; j < d->n; j++) {
        double re = 0, im = 0;
        for (i = 0; i < d->m; i++) {
            const float *p = d->a + 2 * (i + d->m * j), *q = src + 2 * i;
            const double pi = d->wrong == 1 ? -(double)p[1] : (double)p[1];
            re += (double)p[0] * (double)q[0] + pi * (double)q[1];
            im += (double)p[0] * (double)q[1] - pi * (double)q[0];
        }
        dst[2 * j] = (float)re, dst[2 * j + 1] = (float)im;
    }
    if (d->wrong == 3) dst[0] = (float)NAN;
    return d->wrong == 4 ? MEDVOL_E_IO : MEDVOL_OK;
}
static mv_status dense_normal(mv_ctx *ctx, const void *user, float *dst, const float *src) {
    const dense *d = (const dense *)user;
    float t[400];
    size_t i;
    dense_forward(ctx, user, t, src);
    dense_adjoint(ctx, user, dst, t);
    for (i = 0; d->wrong == 2 && i < 2 * d->n; i++) dst[i] *= 1.01f;
    return MEDVOL_OK;
}
static float matrix[2 * 60 * 40];
static mv_operator dense_operator(dense *d, size_t m, size_t n, int with_normal) {
    mv_operator op;
    size_t i;
    for (i = 0; i < 2 * m * n; i++) matrix[i] = (float)t_uniform(-1, 1);
    d->m = m, d->n = n, d->a = matrix, d->wrong = 0;
    op.user = d, op.domain = n, op.range = m;
    op.forward = dense_forward, op.adjoint = dense_adjoint, op.normal = with_normal ? dense_normal : NULL;
    return op;
}
static void test_operator(void) {
    mv_operator_check_opt o;
    mv_operator op;
    dense d;
    double e[2] = {1, 1};
    memset(&o, 0, sizeof o);
    o.error = e;
    t_seed(20);
    op = dense_operator(&d, 40, 23, 1);
    CHECK_OK(mv_operator_check(T, &op, &o));
    CHECK(e[0] < 1e-6 && e[1] < 1e-6);
    d.wrong = 1;
    CHECK_STATUS(mv_operator_check(T, &op, NULL), MEDVOL_E_CONVERGENCE);
    CHECK(strstr(mv_message(T), "adjoint is not that of forward") && !strcmp(T->error.field, "adjoint"));
    d.wrong = 2;
    CHECK_STATUS(mv_operator_check(T, &op, &o), MEDVOL_E_CONVERGENCE);
    CHECK(strstr(mv_message(T), "normal is not adjoint after forward"));
    CHECK_NEAR(T->error.value, 0.01, 1e-4);
    o.tolerance = 0.1;
    CHECK_OK(mv_operator_check(T, &op, &o));
    d.wrong = 3;
    CHECK_STATUS(mv_operator_check(T, &op, NULL), MEDVOL_E_RANGE);
    d.wrong = 4;
    CHECK_STATUS(mv_operator_check(T, &op, NULL), MEDVOL_E_IO);
    d.wrong = 0, o.tolerance = -1;
    CHECK_STATUS(mv_operator_check(T, &op, &o), MEDVOL_E_RANGE);
    o.tolerance = 0, o.trials = -1;
    CHECK_STATUS(mv_operator_check(T, &op, &o), MEDVOL_E_RANGE);
    op.domain = 0;
    CHECK_STATUS(mv_operator_check(T, &op, NULL), MEDVOL_E_SIZE);
    op.domain = 23, op.range = (size_t)-1 / 8;
    CHECK_STATUS(mv_operator_check(T, &op, NULL), MEDVOL_E_SIZE);
    op.range = 40, op.adjoint = NULL;
    CHECK_STATUS(mv_operator_check(T, &op, NULL), MEDVOL_E_NULL);
    CHECK_STATUS(mv_operator_check(T, NULL, NULL), MEDVOL_E_NULL);
}

/* ---- solvers beside dense systems ---- */
/* x of (A^H A + lambda) x = A^H y, in double */
static void dense_solve(const dense *d, const float *y, double lambda, double *x) {
    double a[2 * 40 * 40];
    size_t i, j, k;
    for (i = 0; i < d->n; i++)
        for (j = 0; j <= d->n; j++) {
            double re = 0, im = 0;
            for (k = 0; k < d->m; k++) {
                const float *p = d->a + 2 * (k + d->m * i),
                            *q = j < d->n ? d->a + 2 * (k + d->m * j) : y + 2 * k;
                re += (double)p[0] * (double)q[0] + (double)p[1] * (double)q[1];
                im += (double)p[0] * (double)q[1] - (double)p[1] * (double)q[0];
            }
            if (j == d->n) x[2 * i] = re, x[2 * i + 1] = im;
            else a[2 * (i + d->n * j)] = re + (i == j ? lambda : 0), a[2 * (i + d->n * j) + 1] = im;
        }
    CHECK_OK(mv_chol_c128(T_NONE, a, d->n, d->n));
    CHECK_OK(mv_chol_solve_c128(T_NONE, x, d->n, a, d->n, d->n, 1));
}
typedef mv_status (*solver)(mv_ctx *, float *, const mv_operator *, const float *, const mv_solve_opt *);
static const solver solvers[5] = {mv_solve_cg, mv_solve_lsmr, mv_solve_fista, mv_solve_admm, mv_solve_pdhg};
static void test_dense(void) {
    static const int steps[5] = {60, 60, 1500, 400, 3000};
    int k, normal;
    for (normal = 0; normal < 2; normal++)
        for (k = 0; k < 5; k++) {
            mv_solve_opt o;
            mv_solve_report last;
            mv_operator op;
            dense d;
            double want[80], wrong = 0, most = 0;
            float x[80], y[120];
            size_t i;
            memset(&o, 0, sizeof o), memset(&last, 0, sizeof last);
            t_seed(30);
            op = dense_operator(&d, 60, 40, normal);
            for (i = 0; i < 120; i++) y[i] = (float)t_uniform(-1, 1);
            o.lambda = 0.7, o.iterations = steps[k], o.last = &last, o.objective = 1;
            CHECK_OK(solvers[k](T, x, &op, y, &o));
            dense_solve(&d, y, 0.7, want);
            for (i = 0; i < 80; i++)
                wrong = fmax(wrong, fabs(want[i] - (double)x[i])), most = fmax(most, fabs(want[i]));
            CHECK_NEAR(wrong / most, 0, 3e-5);
            CHECK(last.iteration > 0 && last.iteration <= steps[k] && last.residual >= 0 &&
                  last.objective > 0);
            if (k > 1) { /* the bound is one, and not a bad one */
                double top[1], big[2 * 40 * 40], w[40];
                size_t a, b, c;
                for (a = 0; a < 40; a++)
                    for (b = 0; b < 40; b++) {
                        double re = 0, im = 0;
                        for (c = 0; c < 60; c++) {
                            const float *p = d.a + 2 * (c + 60 * a), *q = d.a + 2 * (c + 60 * b);
                            re += (double)p[0] * (double)q[0] + (double)p[1] * (double)q[1];
                            im += (double)p[0] * (double)q[1] - (double)p[1] * (double)q[0];
                        }
                        big[2 * (a + 40 * b)] = re, big[2 * (a + 40 * b) + 1] = im;
                    }
                CHECK_OK(mv_eigh_c128(T_NONE, w, NULL, 40, big, 40, 40));
                top[0] = w[39];
                CHECK(last.norm >= top[0] * 0.999 && last.norm < 1.5 * top[0]);
            }
            /* from near the answer a few steps are enough; A^H y alone, too */
            if (k == 0) {
                float b[80];
                o.warm = 1, o.iterations = 30, o.tolerance = 1e-4;
                CHECK_OK(mv_solve_cg(T, x, &op, y, &o));
                CHECK(last.converged && last.iteration <= 3);
                dense_adjoint(T, &d, b, y);
                o.warm = 0, o.adjoint_given = 1, o.iterations = 60, o.tolerance = 0;
                CHECK_OK(mv_solve_cg(T, x, &op, b, &o));
                for (wrong = 0, i = 0; i < 80; i++) wrong = fmax(wrong, fabs(want[i] - (double)x[i]));
                CHECK_NEAR(wrong / most, 0, 3e-5);
            }
        }
}
/* Many more steps than there are unknowns, whatever the scale: what is left of the equation comes to the end
   of floats, and no step is made of that. */
static void test_many_steps(void) {
    static const double scales[] = {1, 1e-3, 1e-10};
    size_t n, i, k;
    int warm;
    for (n = 4; n < 40; n += 5)
        for (k = 0; k < 3; k++)
            for (warm = 0; warm < 2; warm++) {
                mv_solve_opt o;
                mv_solve_report last;
                mv_operator op;
                dense d;
                double want[80], wrong = 0, most = 0;
                float x[80], y[120];
                memset(&o, 0, sizeof o), memset(&last, 0, sizeof last);
                t_seed(70 + n);
                op = dense_operator(&d, 60, n, 0);
                for (i = 0; i < 2 * 60 * n; i++) matrix[i] *= (float)(scales[k] / 60);
                for (i = 0; i < 120; i++) y[i] = (float)t_uniform(-1, 1);
                dense_solve(&d, y, 0, want);
                for (i = 0; i < 2 * n; i++) most = fmax(most, fabs(want[i]));
                for (i = 0; i < 2 * n; i++) x[i] = (float)(most * t_uniform(-1, 1));
                o.iterations = 1000, o.warm = warm, o.last = &last, o.objective = 1;
                CHECK_OK(mv_solve_cg(T, x, &op, y, &o));
                for (i = 0; i < 2 * n; i++) wrong = fmax(wrong, fabs(want[i] - (double)x[i]));
                CHECK_NEAR(wrong / most, 0, 3e-5);
                CHECK(last.residual < 1e-5 && last.objective > 0);
            }
}
/* Objectives: never up but for the last digits; that of cg is what it says. */
typedef struct course {
    double last, most;
    int calls, up, stop;
} course;
static int follow(void *user, const mv_solve_report *r) {
    course *c = (course *)user;
    c->calls++;
    if (c->calls > 1 && r->objective > c->last * (1 + 1e-5)) c->up++;
    c->last = r->objective;
    return c->stop && c->calls == c->stop;
}
static void test_objective(void) {
    int k, kind;
    for (kind = 1; kind < 5; kind++) {
        double end[5] = {0, 0, 0, 0, 0};
        for (k = 2; k < 5; k++) {
            mv_reg r;
            mv_solve_opt o;
            mv_operator op;
            dense d;
            course c = {0, 0, 0, 0, 0};
            float x[80], y[120];
            size_t i;
            memset(&o, 0, sizeof o), memset(&r, 0, sizeof r);
            t_seed(40);
            op = dense_operator(&d, 60, 40, 1);
            for (i = 0; i < 120; i++) y[i] = (float)t_uniform(-1, 1);
            r.kind = kind, r.lambda = 3, r.cycle = MEDVOL_CYCLE_NEVER, r.block = 2;
            if (kind == MEDVOL_REG_LLR) r.axes = 3, r.joint = 8;
            o.regs = &r, o.reg_count = 1, o.ndim = 4, o.dim[0] = 5, o.dim[1] = 4, o.dim[2] = 1, o.dim[3] = 2;
            o.iterations = k == 2 ? 150 : 400, o.objective = 1, o.report = follow, o.report_user = &c;
            CHECK_OK(solvers[k](T, x, &op, y, &o));
            CHECK(c.calls == o.iterations);
            if (k == 2) CHECK(c.up <= 3); /* where momentum carries it up it begins anew */
            end[k] = c.last;
        }
        CHECK_NEAR(end[3] / end[2], 1, 1e-4);
        CHECK_NEAR(end[4] / end[2], 1, 1e-4);
    }
}

/* ---- encodings ---- */
/* spokes through the centre: 3 x samples x shots x 1 x frames */
static int spokes(mv_volume *v, const size_t *n, size_t samples, size_t shots, size_t frames) {
    const size_t dim[5] = {3, samples, shots, 1, frames};
    size_t i;
    memset(v, 0, sizeof *v);
    if (!CHECK_OK(mv_volume_alloc(T, v, MEDVOL_F64, frames > 1 ? 5 : 3, dim))) return 0;
    for (i = 0; i < samples * shots * frames; i++) {
        const double a = 1.9416 * (double)(i / samples), b = 0.7 * (double)(i / samples);
        const double r = ((double)(i % samples) + 0.5) / (double)samples - 0.5;
        double *k = (double *)v->data + 3 * i;
        k[0] = n[0] > 1 ? r * (double)n[0] * cos(a) : 0,
        k[1] = n[1] > 1 ? r * (double)n[1] * sin(a) * cos(b) : 0;
        k[2] = n[2] > 1 ? r * (double)n[2] * sin(a) * sin(b) : 0;
    }
    return 1;
}
typedef struct scene {
    mv_volume maps, mask, traj, weights, field, times, basis;
    mv_encoding_desc d;
} scene;
enum {
    MAPS = 1,
    SETS = 2,
    MASK = 4,
    RADIAL = 8,
    WEIGHTS = 16,
    FIELD = 32,
    BASIS = 64,
    COMPLEX = 128,
    NEVER = 256,
    APART = 512,
    SHARED = 1024 };
static void scene_free(scene *s) {
    mv_volume_free(T, &s->maps), mv_volume_free(T, &s->mask), mv_volume_free(T, &s->traj),
        mv_volume_free(T, &s->weights);
    mv_volume_free(T, &s->field), mv_volume_free(T, &s->times), mv_volume_free(T, &s->basis);
}
static int scene_make(scene *s, unsigned what, size_t nx, size_t ny, size_t nz, size_t frames) {
    const size_t n[3] = {nx, ny, nz}, samples = 11, shots = 9, coils_n = 5;
    size_t i;
    memset(s, 0, sizeof *s);
    s->d.frames = frames;
    for (i = 0; i < 3; i++) s->d.shape[i] = n[i];
    if (what & MAPS) {
        if (!coils(&s->maps, nx, ny, nz, coils_n, what & SETS ? 2 : 1)) return 0;
        s->d.maps = &s->maps;
    } else s->d.coils = what & APART ? 3 : 1;
    if (what & MASK) {
        const size_t dim[5] = {1, ny, nz, 1, what & SHARED ? 1 : frames};
        if (!new_volume(&s->mask, MEDVOL_F32, 5, dim)) return 0;
        for (i = 0; i < mv_volume_count(&s->mask); i++)
            ((float *)s->mask.data)[i] = (float)((i * 7 % 5) > 1) * 0.5f * (float)(1 + i % 2);
        s->d.mask = &s->mask;
    }
    if (what & RADIAL) {
        if (!spokes(&s->traj, n, samples, shots, what & SHARED ? 1 : frames)) return 0;
        s->d.traj = &s->traj, s->d.tolerance = 1e-6;
        if (nz > 1) s->d.tolerance = 2e-6;
        s->d.toeplitz = what & NEVER ? MEDVOL_TOEPLITZ_NEVER : MEDVOL_TOEPLITZ_AUTO;
    }
    if (what & WEIGHTS) {
        const size_t dim[3] = {1, samples, shots};
        if (!new_volume(&s->weights, MEDVOL_F32, 3, dim)) return 0;
        for (i = 0; i < samples * shots; i++) ((float *)s->weights.data)[i] = (float)t_uniform(0, 2);
        s->d.weights = &s->weights;
    }
    if (what & FIELD) {
        const size_t t[3] = {what & RADIAL ? 1 : nx, what & RADIAL ? samples : ny, 1};
        if (!new_volume(&s->field, MEDVOL_F32, 3, n) || !new_volume(&s->times, MEDVOL_F32, 3, t)) return 0;
        for (i = 0; i < nx * ny * nz; i++)
            ((float *)s->field.data)[i] = (float)(60 * sin(0.3 * (double)(i % nx)) + 20);
        for (i = 0; i < mv_volume_count(&s->times); i++)
            ((float *)s->times.data)[i] = 1e-3f + 2e-4f * (float)i;
        s->d.field = &s->field, s->d.times = &s->times;
    }
    if (what & BASIS) {
        const size_t dim[2] = {frames, 2};
        if (!new_volume(&s->basis, what & COMPLEX ? MEDVOL_C64 : MEDVOL_F32, 2, dim)) return 0;
        noise(&s->basis);
        s->d.basis = &s->basis;
    }
    return 1;
}
static const struct {
    unsigned what;
    size_t n[3], frames;
} scenes[] = {{0, {7, 5, 3}, 1},
              {MASK, {8, 9, 1}, 2},
              {MAPS | MASK, {13, 7, 1}, 1},
              {MAPS | SETS | MASK, {6, 5, 3}, 2},
              {APART | MASK, {7, 6, 1}, 2},
              {MAPS | MASK | BASIS, {7, 8, 1}, 5},
              {MAPS | SETS | MASK | BASIS | COMPLEX, {5, 6, 1}, 4},
              {MAPS | MASK | SHARED | BASIS, {5, 6, 1}, 4},
              {MAPS | FIELD | MASK, {16, 7, 1}, 1},
              {MAPS | SETS | FIELD | MASK | BASIS, {9, 7, 1}, 3},
              {RADIAL, {11, 13, 1}, 1},
              {RADIAL | MAPS | WEIGHTS, {12, 10, 1}, 1},
              {RADIAL | MAPS | SETS, {7, 11, 1}, 2},
              {RADIAL | MAPS | NEVER | WEIGHTS, {9, 8, 1}, 2},
              {RADIAL | APART, {8, 7, 1}, 2},
              {RADIAL | MAPS, {7, 5, 6}, 1},
              {RADIAL | MAPS | BASIS, {8, 8, 1}, 3},
              {RADIAL | MAPS | SETS | BASIS | WEIGHTS, {7, 8, 1}, 3},
              {RADIAL | APART | BASIS, {8, 7, 1}, 3},
              {RADIAL | MAPS | BASIS | COMPLEX, {8, 7, 1}, 3},
              {RADIAL | MAPS | BASIS | SHARED, {8, 7, 1}, 3},
              {RADIAL | MAPS | FIELD | WEIGHTS, {8, 9, 1}, 1},
              {RADIAL | MAPS | SETS | FIELD | BASIS, {6, 9, 1}, 2},
              {RADIAL | APART | FIELD, {6, 9, 1}, 2}};
static void test_adjoints(void) {
    size_t t;
    for (t = 0; t < sizeof scenes / sizeof *scenes; t++) {
        mv_encoding e;
        mv_operator op;
        mv_operator_check_opt o;
        scene s;
        double error[2] = {1, 1};
        memset(&o, 0, sizeof o);
        o.error = error;
        t_seed(100 + t);
        if (!scene_make(&s, scenes[t].what, scenes[t].n[0], scenes[t].n[1], scenes[t].n[2], scenes[t].frames))
            return;
        if (CHECK_OK(mv_encoding_init(T, &e, &s.d))) {
            CHECK_OK(mv_encoding_operator(T, &e, &op));
            CHECK_OK(mv_operator_check(T, &op, &o));
            CHECK_NEAR(error[0], 0, 1e-6);
            CHECK_NEAR(error[1], 0, scenes[t].what & RADIAL ? 1e-5 : 2e-6);
            if (error[0] > 1e-6 || error[1] > 1e-5)
                printf("scene %u: %g %g\n", (unsigned)t, error[0], error[1]);
            if (e.norm > 0) { /* a bound: no vector is lengthened more */
                mv_volume x, y = {0};
                if (!new_volume(&x, MEDVOL_C64, e.ndim, e.dim)) return;
                noise(&x);
                CHECK_OK(mv_encoding_forward(T, &e, &y, &x));
                CHECK(norm2(&y) <= e.norm * norm2(&x) * 1.0001);
                mv_volume_free(T, &x), mv_volume_free(T, &y);
            }
            mv_encoding_free(T, &e);
        }
        scene_free(&s);
    }
}
/* Of one coil and frame, by its definition in double: off-resonance by its phases at each sample. */
static void definition(const scene *s, const mv_encoding *e, const mv_volume *x, mv_volume *y) {
    const size_t n = e->shape[0] * e->shape[1] * e->shape[2], all = e->samples;
    size_t f, c, j, r, q, k;
    for (f = 0; f < e->frames; f++)
        for (c = 0; c < e->coils; c++)
            for (j = 0; j < all; j++) {
                double re = 0, im = 0, kk[3], w = 1, t = 0;
                float *to = (float *)y->data + 2 * (j + all * (c + e->coils * f));
                if (s->d.traj) {
                    const size_t g = s->traj.dim[4] > 1 ? f : 0;
                    for (k = 0; k < 3; k++) kk[k] = ((const double *)s->traj.data)[3 * (j + all * g) + k];
                    if (s->d.weights) w = sqrt((double)((const float *)s->weights.data)[j]);
                    if (s->d.times) t = (double)((const float *)s->times.data)[j % s->times.dim[1]];
                } else {
                    size_t rest = j;
                    for (k = 0; k < 3; k++)
                        kk[k] = (double)(rest % e->shape[k]) - (double)(e->shape[k] / 2), rest /= e->shape[k];
                    if (s->d.mask) {
                        const size_t g = s->mask.dim[4] > 1 ? f : 0;
                        w = sqrt((double)((const float *)
                                              s->mask.data)[j / e->shape[0] + e->shape[1] * e->shape[2] * g]);
                    }
                    if (s->d.times)
                        t = (double)((const float *)s->times.data)[j % (e->shape[0] * e->shape[1])];
                }
                for (r = 0; r < n; r++) {
                    cplx v = {0, 0};
                    double a = 0, p = 1, i0, i1;
                    size_t rest = r;
                    for (q = 0; q < (s->d.maps ? e->sets : 1); q++) {
                        cplx m = {1, 0}, one = {0, 0};
                        const size_t set = s->d.maps      ? q
                                           : e->coils > 1 ? c
                                                          : 0,
                                     sets = s->d.maps ? e->sets : e->coils;
                        if (s->d.maps) m = at(&s->maps, r + n * (c + e->coils * q));
                        if (s->d.basis)
                            for (k = 0; k < e->coefficients; k++) {
                                const cplx z = at(x, r + n * (set + sets * k));
                                cplx b = {0, 0};
                                if (s->basis.dtype == MEDVOL_C64) b = at(&s->basis, f + e->frames * k);
                                else b.re = (double)((const float *)s->basis.data)[f + e->frames * k];
                                one.re += b.re * z.re - b.im * z.im, one.im += b.re * z.im + b.im * z.re;
                            }
                        else one = at(x, r + n * (set + sets * f));
                        v.re += m.re * one.re - m.im * one.im, v.im += m.re * one.im + m.im * one.re;
                    }
                    for (k = 0; k < 3; k++) {
                        const double d = (double)(rest % e->shape[k]) - (double)(e->shape[k] / 2);
                        a -= kk[k] * d / (double)e->shape[k], p /= sqrt((double)e->shape[k]),
                            rest /= e->shape[k];
                    }
                    if (s->d.field) a += (double)((const float *)s->field.data)[r] * t;
                    i0 = p * cos(TAU * a), i1 = p * sin(TAU * a);
                    re += v.re * i0 - v.im * i1, im += v.re * i1 + v.im * i0;
                }
                to[0] = (float)(w * re), to[1] = (float)(w * im);
            }
}
static void test_definition(void) {
    size_t t;
    for (t = 0; t < sizeof scenes / sizeof *scenes; t++) {
        mv_encoding e;
        scene s;
        mv_volume x, y = {0}, want, back = {0}, w = {0};
        t_seed(200 + t);
        if (!scene_make(&s, scenes[t].what, scenes[t].n[0], scenes[t].n[1], scenes[t].n[2], scenes[t].frames))
            return;
        s.d.field_error = 1e-5;
        if (!CHECK_OK(mv_encoding_init(T, &e, &s.d))) return;
        if (!new_volume(&x, MEDVOL_C64, e.ndim, e.dim) ||
            !new_volume(&want, MEDVOL_C64, e.data_ndim, e.data_dim))
            return;
        noise(&x);
        CHECK_OK(mv_encoding_forward(T, &e, &y, &x));
        definition(&s, &e, &x, &want);
        CHECK_NEAR(apart(&y, &want), 0,
                   scenes[t].what & FIELD    ? 1e-4
                   : scenes[t].what & RADIAL ? 1e-5
                                             : 2e-6);
        CHECK((e.segments > 0) == ((scenes[t].what & FIELD) != 0) && e.field_error <= 1e-5);
        CHECK_OK(mv_encoding_adjoint(T, &e, &back, &y));
        CHECK(back.ndim == x.ndim && mv_volume_count(&back) == e.domain);
        CHECK_OK(mv_encoding_weigh(T, &e, &w, &y));
        CHECK_OK(mv_encoding_weigh(T, &e, &y, &y)); /* in place */
        CHECK(memcmp(w.data, y.data, 8 * e.range) == 0);
        mv_volume_free(T, &x), mv_volume_free(T, &y), mv_volume_free(T, &want), mv_volume_free(T, &back),
            mv_volume_free(T, &w);
        mv_encoding_free(T, &e);
        scene_free(&s);
    }
}
/* One frequency everywhere, on lines of a Cartesian readout: the image moves along them. */
static void test_translation(void) {
    const size_t nx = 24, ny = 10, dim[3] = {nx, 1, 1}, at3[3] = {nx, ny, 1};
    mv_volume x, y = {0}, plain = {0}, back = {0}, field, times;
    mv_encoding_desc d;
    mv_encoding e, f;
    double wrong = 0;
    size_t i;
    memset(&d, 0, sizeof d);
    if (!new_image(&x, nx, ny, 1, 1, 1) || !new_volume(&field, MEDVOL_F32, 3, at3) ||
        !new_volume(&times, MEDVOL_F32, 3, dim))
        return;
    t_seed(300);
    noise(&x);
    for (i = 0; i < nx; i++) ((float *)times.data)[i] = (float)(1e-5 * ((double)i - (double)(nx / 2)));
    for (i = 0; i < nx * ny; i++)
        ((float *)field.data)[i] = (float)(3 / (1e-5 * (double)nx)); /* three voxels */
    for (i = 0; i < 3; i++) d.shape[i] = at3[i];
    CHECK_OK(mv_encoding_init(T, &e, &d));
    d.field = &field, d.times = &times;
    CHECK_OK(mv_encoding_init(T, &f, &d));
    CHECK(f.segments == 1 && f.field_worst < 1e-6);
    CHECK_OK(mv_encoding_forward(T, &f, &y, &x));
    CHECK_OK(mv_encoding_adjoint(T, &e, &back, &y));
    for (i = 0; i < nx * ny; i++) { /* x at r + 3: phases exp(2 pi i k 3 / n) */
        const cplx a = at(&back, i), b = at(&x, i / nx * nx + (i % nx + 3) % nx);
        wrong = fmax(wrong, hypot(a.re - b.re, a.im - b.im));
    }
    CHECK_NEAR(wrong, 0, 2e-5);
    CHECK_OK(mv_encoding_adjoint(T, &f, &plain, &y)); /* corrected */
    CHECK_NEAR(apart(&plain, &x), 0, 2e-5);
    mv_encoding_free(T, &e), mv_encoding_free(T, &f);
    mv_volume_free(T, &x), mv_volume_free(T, &y), mv_volume_free(T, &plain), mv_volume_free(T, &back);
    mv_volume_free(T, &field), mv_volume_free(T, &times);
}
/* ---- from data to images ---- */
static void test_recon_sense(void) { /* as mv_cg_sense, frame by frame, whatever the data's layout */
    const size_t big[5] = {14, 11, 1, 4, 3}, start[5] = {1, 1, 0, 0, 0}, size[5] = {12, 9, 1, 4, 3};
    mv_volume maps, room, y, x = {0}, want = {0}, own = {0}, dense_y = {0};
    mv_encoding_desc d;
    mv_recon_opt o;
    mv_cg_sense_opt q;
    size_t i, f;
    memset(&d, 0, sizeof d), memset(&o, 0, sizeof o), memset(&q, 0, sizeof q);
    if (!coils(&maps, 12, 9, 1, 4, 1) || !new_volume(&room, MEDVOL_C64, 5, big)) return;
    t_seed(310);
    noise(&room);
    for (f = 0; f < 12; f++) /* lines are missing, other ones in each frame */
        for (i = 0; i < 11; i++)
            if ((i + f / 4) % 2) memset((float *)room.data + 2 * 14 * (i + 11 * f), 0, 14 * 8);
    CHECK_OK(mv_volume_view(T, &y, &room, start, size));
    d.maps = &maps;
    o.solve.lambda = q.lambda = 0.02, o.solve.iterations = q.iterations = 12;
    CHECK_OK(mv_recon(T, &x, &y, &d, &o));
    CHECK_OK(mv_cg_sense(T, &want, &y, &maps, &q));
    CHECK(x.ndim == 4 && x.dim[3] == 3);
    CHECK_NEAR(apart(&x, &want), 0, 1e-5);
    CHECK_OK(mv_volume_copy(T, &dense_y, &y));
    CHECK_OK(mv_recon(T, &own, &dense_y, &d, &o));
    CHECK(memcmp(own.data, x.data, 8 * mv_volume_count(&x)) == 0);
    CHECK_OK(mv_recon(T, &dense_y, &dense_y, &d, &o)); /* dst by struct is data */
    CHECK(memcmp(dense_y.data, x.data, 8 * mv_volume_count(&x)) == 0);
    { /* the same in one thread, to the bit */
        mv_volume one = {0};
        CHECK_OK(mv_recon(T_NONE, &one, &y, &d, &o));
        CHECK(memcmp(one.data, x.data, 8 * mv_volume_count(&x)) == 0);
        mv_volume_free(T_NONE, &one);
    }
    mv_volume_free(T, &maps), mv_volume_free(T, &room), mv_volume_free(T, &x), mv_volume_free(T, &want);
    mv_volume_free(T, &own), mv_volume_free(T, &dense_y);
}
/* Every solver, coupled frames or not: bits do not depend on threads; the terms do what they are for. */
static void test_recon_terms(void) {
    int k;
    for (k = 0; k < 7; k++) {
        const int radial = k % 2;
        scene s;
        mv_encoding e;
        mv_volume truth, y = {0}, x = {0}, one = {0}, zero = {0};
        mv_recon_opt o;
        mv_reg r[2];
        mv_solve_report last;
        size_t i, n;
        memset(&o, 0, sizeof o), memset(r, 0, sizeof r);
        t_seed(320 + (uint64_t)k);
        if (!scene_make(&s, MAPS | (radial ? RADIAL | WEIGHTS : MASK), 18, 15, 1, 3)) return;
        s.d.tolerance = 0;
        if (!CHECK_OK(mv_encoding_init(T, &e, &s.d)) || !new_volume(&truth, MEDVOL_C64, e.ndim, e.dim))
            return;
        n = 18 * 15;
        for (i = 0; i < 3 * n; i++)
            ((float *)truth.data)[2 * i] = (float)(i % 18 > 5 && i % n / 18 > 4 && i % n / 18 < 11) * 1e4f;
        CHECK_OK(mv_encoding_forward(T, &e, &y, &truth));
        r[0].lambda = r[1].lambda = 1e-4;
        r[0].kind = k == 0   ? MEDVOL_REG_L1
                    : k < 3  ? MEDVOL_REG_WAVELET
                    : k < 5  ? MEDVOL_REG_TV
                    : k == 5 ? MEDVOL_REG_LLR
                             : MEDVOL_REG_TV;
        if (k == 6) r[0].axes = 8;
        r[0].seed = 5;
        r[1].kind = MEDVOL_REG_WAVELET;
        o.solver = k == 3 ? MEDVOL_SOLVER_PDHG : MEDVOL_SOLVER_AUTO;
        o.solve.regs = r, o.solve.reg_count = k > 3 ? 2 : 1, o.solve.iterations = 40, o.solve.last = &last,
        o.solve.tolerance = 1e-6;
        CHECK_OK(mv_recon(T, &x, &y, &s.d, &o));
        CHECK(last.iteration > 3 && last.norm > 0);
        for (i = 0; i < 6 * n; i++) CHECK(((float *)x.data)[i] - ((float *)x.data)[i] == 0.0f);
        CHECK_OK(mv_recon(T_NONE, &one, &y, &s.d, &o));
        CHECK(memcmp(one.data, x.data, 8 * mv_volume_count(&x)) == 0);
        /* nothing measured but zeros: an image of zeros */
        memset(y.data, 0, 8 * e.range);
        CHECK_OK(mv_recon(T, &zero, &y, &s.d, &o));
        CHECK(norm2(&zero) == 0);
        CHECK(last.converged && last.iteration == 0);
        mv_volume_free(T, &truth), mv_volume_free(T, &y), mv_volume_free(T, &x), mv_volume_free(T, &zero);
        mv_volume_free(T_NONE, &one);
        mv_encoding_free(T, &e);
        scene_free(&s);
    }
}
/* Solvers where the least squares answer is known at once: diag(big, 1, ...) and magnitudes. */
static void diagonal(dense *d, mv_operator *op, const double *a, size_t n) {
    size_t i;
    *op = dense_operator(d, n, n, 0);
    memset(matrix, 0, 2 * n * n * sizeof *matrix);
    for (i = 0; i < n; i++) matrix[2 * (i + n * i)] = (float)a[i];
}
static void test_norm(void) { /* a bound that is too small is noticed; steps without terms converge */
    const double a[2] = {1, 10}, even[2] = {1, 1};
    const float y[4] = {1, 0, 0, 0}, plain[4] = {3, 0, 5, 0};
    mv_solve_report last;
    mv_solve_opt o;
    mv_operator op;
    mv_reg r;
    dense d;
    int k;
    memset(&o, 0, sizeof o), memset(&r, 0, sizeof r);
    o.last = &last, o.objective = 1;
    for (k = 2; k < 5; k++) {
        float x[4] = {0, 0, 1e-3f, 0};
        diagonal(&d, &op, a, 2);
        o.norm = 0, o.warm = 1, o.regs = NULL, o.reg_count = 0, o.iterations = 2000;
        CHECK_OK(solvers[k](T, x, &op, y, &o)); /* b says nothing of the second one */
        CHECK_NEAR(x[0], 1, 1e-4);
        CHECK_NEAR(x[2], 0, 1e-6);
        if (k != 3) CHECK(last.norm >= 100);
        /* TV brings the second one in: f = (x1 - 1)^2 / 2 + 50 x2^2 + 0.1 |x1 - x2| */
        r.kind = MEDVOL_REG_TV, r.lambda = 0.1;
        o.regs = &r, o.reg_count = 1, o.ndim = 1, o.dim[0] = 2, o.warm = 0, o.norm = k == 2 ? 0.5 : 0;
        CHECK_OK(solvers[k](T, x, &op, y, &o));
        CHECK_NEAR(x[0], 0.9, 1e-3);
        CHECK_NEAR(x[2], 0.001, 1e-4);
        CHECK_NEAR(last.objective, 0.5 * 0.01 + 50e-6 + 0.1 * 0.899, 1e-6);
        /* terms of lambda 0 are none */
        diagonal(&d, &op, even, 2);
        r.lambda = 0, o.norm = 1;
        for (o.iterations = 49; o.iterations < 52; o.iterations++) {
            CHECK_OK(solvers[k](T, x, &op, plain, &o));
            CHECK_NEAR(x[0], 3, 1e-4);
            CHECK_NEAR(x[2], 5, 1e-4);
        }
    }
    for (k = 0; k < 2; k++) {
        float x[4];
        CHECK_OK(solvers[k](T, x, &op, plain, &o));
        CHECK_NEAR(x[2], 5, 1e-5);
    }
}
static void test_magnitudes(void) {
    static const double of_a[5] = {1e-10, 1e-5, 1, 1e5, 1e10}, of_y[5] = {1e-15, 1e-5, 1, 1e8, 1e15};
    static const int steps[5] = {40, 40, 600, 600, 900};
    int k, i, j, l;
    for (k = 0; k < 5; k++)
        for (i = 0; i < 5; i++)
            for (j = 0; j < 5; j++) {
                double a[6];
                float y[12], x[12];
                mv_solve_opt o;
                mv_solve_report last;
                mv_operator op;
                mv_reg r;
                dense d;
                memset(&o, 0, sizeof o), memset(&r, 0, sizeof r);
                for (l = 0; l < 6; l++) {
                    a[l] = of_a[i] * (1 + 0.2 * l);
                    y[2 * l] = (float)(of_y[j] * (1 + l)), y[2 * l + 1] = (float)(of_y[j] * (2 - l));
                }
                diagonal(&d, &op, a, 6);
                r.kind = MEDVOL_REG_L1, r.lambda = of_a[i] * of_y[j]; /* x shrinks by lambda / a^2 */
                o.regs = &r, o.reg_count = k > 1, o.ndim = 1, o.dim[0] = 6, o.iterations = steps[k];
                o.objective = 1, o.last = &last;
                CHECK_OK(solvers[k](T, x, &op, y, &o));
                for (l = 0; l < 6; l++) {
                    const double m = hypot((double)y[2 * l], (double)y[2 * l + 1]) / a[l];
                    const double left = k > 1 ? fmax(0, 1 - r.lambda / (a[l] * a[l]) / m) : 1;
                    CHECK_NEAR((double)x[2 * l] * a[l] / of_y[j], left * (1 + l), 3e-3);
                    CHECK_NEAR((double)x[2 * l + 1] * a[l] / of_y[j], left * (2 - l), 3e-3);
                }
                CHECK(last.objective > -1e-3 * of_y[j] * of_y[j] && last.objective < 1e3 * of_y[j] * of_y[j]);
            }
}
/* beyond what floats hold: refused, x as it was */
static void test_beyond(void) {
    static const double of[2] = {1e-15, 1e15};
    const float y[4] = {1, 0, 2, 0}, b[4] = {0, 0, 1, 0};
    mv_solve_opt o;
    mv_operator op;
    dense d;
    int k, i;
    for (k = 2; k < 5; k++)
        for (i = 0; i < 2; i++) {
            const double a[2] = {of[i], of[i]};
            float x[4] = {7, 7, 7, 7};
            memset(&o, 0, sizeof o);
            diagonal(&d, &op, a, 2);
            CHECK_STATUS(solvers[k](T, x, &op, y, &o), MEDVOL_E_RANGE);
            CHECK(strstr(mv_message(T), "largest eigenvalue") && x[0] == 7 && x[3] == 7);
        }
    { /* A^H y, as given, lies where A vanishes */
        const double a[2] = {1, 0};
        float x[4] = {7, 7, 7, 7};
        memset(&o, 0, sizeof o);
        o.adjoint_given = 1;
        diagonal(&d, &op, a, 2);
        CHECK_STATUS(mv_solve_cg(T, x, &op, b, &o), MEDVOL_E_SINGULAR);
        CHECK(x[0] == 7 && x[3] == 7);
    }
}
/* y without a part in A's range: 0, and nothing wrong; a solution that stands there from the beginning */
static void test_nothing_to_do(void) {
    const float y[4] = {1, 0, -1, 0};
    float x[2];
    mv_solve_report last;
    mv_solve_opt o;
    mv_operator op;
    dense d;
    int k;
    memset(&o, 0, sizeof o);
    o.last = &last;
    for (k = 0; k < 5; k++) {
        op = dense_operator(&d, 2, 1, 1);
        matrix[0] = matrix[2] = 1, matrix[1] = matrix[3] = 0;
        x[0] = 7, o.warm = 0;
        memset(&last, 1, sizeof last);
        CHECK_OK(solvers[k](T, x, &op, y, &o));
        CHECK(x[0] == 0 && x[1] == 0);
        CHECK(last.iteration == 0 && last.converged == 1 && last.objective != last.objective);
        if (k < 2) {
            const float z[4] = {2, 0, 2, 0};
            x[0] = 2, x[1] = 0, o.warm = 1;
            memset(&last, 1, sizeof last);
            CHECK_OK(solvers[k](T, x, &op, z, &o));
            CHECK(x[0] == 2 && last.iteration == 0 && last.converged == 1);
        }
    }
}
static void test_warm(void) { /* from the optimum little leads away */
    mv_solve_report last;
    mv_solve_opt o;
    mv_operator op;
    mv_reg r;
    dense d;
    float x[80], y[120], best[80];
    double least;
    size_t i;
    int k;
    memset(&o, 0, sizeof o), memset(&r, 0, sizeof r);
    t_seed(33);
    op = dense_operator(&d, 60, 40, 0);
    for (i = 0; i < 120; i++) y[i] = (float)t_uniform(-1, 1);
    r.kind = MEDVOL_REG_TV, r.lambda = 2;
    o.regs = &r, o.reg_count = 1, o.ndim = 1, o.dim[0] = 40, o.iterations = 4000, o.last = &last, o.objective = 1;
    CHECK_OK(mv_solve_pdhg(T, best, &op, y, &o));
    least = last.objective;
    for (k = 2; k < 5; k++) {
        memcpy(x, best, sizeof x);
        o.warm = 1, o.iterations = 1;
        CHECK_OK(solvers[k](T, x, &op, y, &o));
        CHECK(last.objective <= least * (k > 2 ? 1.12 : 1.005)); /* duals begin at 0 */
    }
}
/* Total variation of an edge between halves: each moves by lambda / (half its length), until they meet. */
static void test_tv_edge(void) {
    static const double of[4] = {1, 10, 31, 200};
    size_t i;
    int k, two;
    for (two = 0; two < 2; two++)
        for (k = 0; k < 4; k++) {
            const size_t dim[2] = {64, two ? 32 : 1};
            const double moved = fmin(0.5, of[k] / 32);
            mv_volume v, p = {0};
            mv_reg r;
            memset(&r, 0, sizeof r);
            if (!new_volume(&v, MEDVOL_C64, 2, dim)) return;
            for (i = 0; i < 64 * dim[1]; i++) ((float *)v.data)[2 * i] = (float)(i % 64 > 31);
            r.kind = MEDVOL_REG_TV, r.lambda = of[k];
            CHECK_OK(mv_prox(T, &p, &v, &r, 1));
            for (i = 0; i < 64 * dim[1]; i++)
                CHECK_NEAR(((float *)p.data)[2 * i], i % 64 > 31 ? 1 - moved : moved, 2e-3);
            mv_volume_free(T, &v), mv_volume_free(T, &p);
        }
}
static void test_llr_nan(void) { /* all of its block, nothing else; and the value */
    const size_t dim[4] = {8, 4, 1, 3};
    mv_volume v, p = {0};
    mv_reg r;
    double value = 0;
    size_t i;
    memset(&r, 0, sizeof r);
    t_seed(34);
    if (!new_volume(&v, MEDVOL_C64, 4, dim)) return;
    noise(&v);
    ((float *)v.data)[2 * 9] = (float)NAN; /* x 1, y 1: the first block */
    r.kind = MEDVOL_REG_LLR, r.lambda = 0.1, r.block = 4;
    CHECK_OK(mv_prox(T, &p, &v, &r, 1));
    for (i = 0; i < 96; i++) {
        const float x = ((float *)p.data)[2 * i];
        CHECK(i % 8 < 4 ? x != x : x == x && x != 0);
    }
    CHECK_OK(mv_reg_value(T, &value, &v, &r));
    CHECK(value != value);
    mv_volume_free(T, &v), mv_volume_free(T, &p);
}
/* Phases that grow in time pile echoes up: eigenvalues above those of a transform; nothing diverges. */
static void test_field_norm(void) {
    const size_t n[3] = {64, 1, 1};
    mv_volume field, times, y, x = {0};
    mv_encoding_desc d;
    mv_encoding e;
    mv_recon_opt o;
    mv_solve_report last;
    mv_reg r;
    double end[3] = {0, 0, 0};
    size_t i;
    int k;
    memset(&d, 0, sizeof d), memset(&o, 0, sizeof o), memset(&r, 0, sizeof r);
    if (!new_volume(&field, MEDVOL_F32, 3, n) || !new_volume(&times, MEDVOL_F32, 3, n) ||
        !new_volume(&y, MEDVOL_C64, 3, n))
        return;
    t_seed(35);
    noise(&y);
    for (i = 0; i < 64; i++) {
        ((float *)times.data)[i] = ((float)i - 32) * 1e-3f + 0.1f;
        ((float *)field.data)[i] = 0.5f * ((float)i - 32) / 0.064f;
    }
    d.field = &field, d.times = &times;
    for (i = 0; i < 3; i++) d.shape[i] = n[i];
    CHECK_OK(mv_encoding_init(T, &e, &d));
    CHECK(e.norm == 0 && e.segments > 1);
    mv_encoding_free(T, &e);
    r.kind = MEDVOL_REG_WAVELET, r.lambda = 0.05, r.cycle = MEDVOL_CYCLE_NEVER;
    o.solve.regs = &r, o.solve.reg_count = 1, o.solve.iterations = 400, o.solve.objective = 1, o.solve.last = &last;
    for (k = 0; k < 3; k++) {
        o.solver = MEDVOL_SOLVER_FISTA + k;
        CHECK_OK(mv_recon(T, &x, &y, &d, &o));
        CHECK(k == 1 || last.norm > 1.9); /* the largest: 2 */
        end[k] = last.objective;
    }
    CHECK_NEAR(end[1] / end[0], 1, 2e-3);
    CHECK_NEAR(end[2] / end[0], 1, 2e-3);
    { /* one field for all */
        const size_t series[4] = {64, 1, 1, 3};
        mv_volume many;
        if (new_volume(&many, MEDVOL_F32, 4, series)) {
            d.field = &many;
            CHECK_STATUS(mv_encoding_init(T, &e, &d), MEDVOL_E_SHAPE);
            mv_volume_free(T, &many);
        }
    }
    mv_volume_free(T, &field), mv_volume_free(T, &times), mv_volume_free(T, &y), mv_volume_free(T, &x);
}
/* The scale is the first frame's, coupled or not; masks of frames along two axes; the check of spokes. */
static void test_recon_frames(void) {
    const size_t dim[6] = {8, 8, 1, 1, 6, 1}, of[6] = {8, 8, 1, 1, 2, 3};
    mv_volume y, mask, apart_x = {0}, x = {0}, one = {0};
    mv_encoding_desc d;
    mv_recon_opt o;
    mv_reg r[2];
    size_t i, f;
    memset(&d, 0, sizeof d), memset(&o, 0, sizeof o), memset(r, 0, sizeof r);
    t_seed(36);
    if (!new_volume(&y, MEDVOL_C64, 5, dim) || !new_volume(&mask, MEDVOL_F32, 6, of)) return;
    noise(&y);
    for (i = 0; i < 384; i++) ((float *)mask.data)[i] = (float)((i * 7 + i / 64) % 5 > 1);
    for (i = 128; i < 768; i++) ((float *)y.data)[i] *= 100; /* all but frame 0 */
    d.mask = &mask;
    r[0].kind = MEDVOL_REG_L1, r[0].lambda = 0.3, r[1].kind = MEDVOL_REG_TV, r[1].lambda = 1e-9, r[1].axes = 8;
    o.solve.regs = r, o.solve.reg_count = 1, o.solve.iterations = 60, o.solver = MEDVOL_SOLVER_ADMM;
    CHECK_OK(mv_recon(T, &apart_x, &y, &d, &o));
    o.solve.reg_count = 2;
    CHECK_OK(mv_recon(T, &x, &y, &d, &o));
    CHECK(norm2(&apart_x) > 0);
    CHECK(apart(&x, &apart_x) < 2e-2);
    for (f = 0; f < 6; f++) { /* each with the mask of its own frame */
        mv_volume part, own;
        const size_t start[7] = {0, 0, 0, 0, f, 0, 0}, size[7] = {8, 8, 1, 1, 1, 1, 1};
        const size_t at[7] = {0, 0, 0, 0, f % 2, f / 2, 0};
        CHECK_OK(mv_volume_view(T, &part, &y, start, size));
        CHECK_OK(mv_volume_view(T, &own, &mask, at, size));
        d.mask = &own;
        o.solve.reg_count = 0, o.solve.iterations = 3, o.solver = 0;
        CHECK_OK(mv_recon(T, &one, &part, &d, &o));
        d.mask = &mask;
        CHECK_OK(mv_recon(T, &x, &y, &d, &o));
        CHECK(memcmp(one.data, (float *)x.data + 128 * f, 512) == 0);
    }
    mv_volume_free(T, &y), mv_volume_free(T, &mask), mv_volume_free(T, &x), mv_volume_free(T, &apart_x),
        mv_volume_free(T, &one);
    {
        const size_t n[3] = {20, 20, 1}, data[3] = {1, 24, 15};
        memset(&d, 0, sizeof d), memset(&o, 0, sizeof o);
        if (!spokes(&mask, n, 24, 15, 1) || !new_volume(&y, MEDVOL_C64, 3, data)) return;
        noise(&y);
        d.traj = &mask, d.tolerance = 1e-2, d.shape[0] = d.shape[1] = 20, d.shape[2] = 1;
        o.solve.check = 1;
        CHECK_OK(mv_recon(T, &x, &y, &d, &o));
        mv_volume_free(T, &mask), mv_volume_free(T, &y), mv_volume_free(T, &x);
    }
}
/* ---- BART's answers ---- */
/* |a| beside |b| after a scale: BART's data are scaled */
static double apart_in_modulus(const mv_volume *a, const mv_volume *b) {
    const size_t n = mv_volume_count(b);
    double xx = 0, xy = 0, yy = 0;
    size_t i;
    for (i = 0; i < n; i++) {
        const cplx p = at(a, i), q = at(b, i);
        const double x = hypot(p.re, p.im), y = hypot(q.re, q.im);
        xx += x * x, xy += x * y, yy += y * y;
    }
    return sqrt(fmax(0, 1 - xy * xy / xx / yy));
}
static void test_bart(void) {
    static const struct {
        const char *data, *maps, *want, *traj;
        double lambda, scale, bound;
        int l1, steps;
    } k[] = {{"bart_ref/und4", "bart_ref/ecal4", "bart_ref/pics_l2", NULL, 0.001, 0, 1e-3, 0, 50},
             {"sigpy_brain_8ch_230x180_ksp", "bart_ref/real_ecal", "bart_ref/real_pics_l2", NULL, 0.01, 0,
              1e-3, 0, 50},
             {"bart_ref/nufft4", "bart_ref/ph4_sens", "bart_ref/pics_rad", "bart_ref/traj_ga", 0.001, 0, 0.02,
              0, 50},
             {"bart_ref/und4", "bart_ref/ecal4", "bart_ref/pics_l1", NULL, 0.002, 1, 0.02, 1, 200},
             {"sigpy_brain_8ch_230x180_ksp", "bart_ref/real_ecal", "bart_ref/real_pics_l1", NULL, 0.01, 0.554,
              0.045, 1, 150}};
    /* the last: BART's scale; random shifts alone part our images by 0.02 to 0.035, BART's of 150 and 160 steps by
       0.054. The means of ours over 16 seeds and of BART's over 8 numbers of steps are 0.011 apart. */
    size_t t;
    for (t = 0; t < sizeof k / sizeof *k; t++) {
        mv_volume y, maps, want, traj, x = {0};
        mv_encoding_desc d;
        mv_recon_opt o;
        mv_reg r;
        memset(&d, 0, sizeof d), memset(&o, 0, sizeof o), memset(&r, 0, sizeof r),
            memset(&traj, 0, sizeof traj);
        if (!t_shared(&y, k[t].data) || !t_shared(&maps, k[t].maps) || !t_shared(&want, k[t].want) ||
            (k[t].traj && !t_shared(&traj, k[t].traj))) {
            t_skip("no ../shared/data/recon");
            return;
        }
        d.maps = &maps;
        if (k[t].traj) d.traj = &traj;
        o.solve.iterations = k[t].steps;
        if (k[t].l1) {
            r.kind = MEDVOL_REG_WAVELET, r.lambda = k[t].lambda;
            o.solve.regs = &r, o.solve.reg_count = 1, o.scale = k[t].scale;
        } else o.solve.lambda = k[t].lambda;
        CHECK_OK(mv_recon(T, &x, &y, &d, &o));
        CHECK_NEAR(apart_in_modulus(&x, &want), 0, k[t].bound);
        mv_volume_free(T, &y), mv_volume_free(T, &maps), mv_volume_free(T, &want), mv_volume_free(T, &traj),
            mv_volume_free(T, &x);
    }
}

/* ---- refusals ---- */
static void test_wavelet_errors(void) {
    const size_t dim[2] = {8, 6};
    mv_volume x, y = {0}, real;
    mv_wavelet_opt o;
    mv_reg r;
    double v;
    memset(&o, 0, sizeof o), memset(&r, 0, sizeof r);
    if (!new_image(&x, 8, 6, 1, 1, 1) || !new_volume(&real, MEDVOL_F32, 2, dim)) return;
    CHECK_STATUS(mv_wavelet_forward(T, NULL, &x, NULL), MEDVOL_E_NULL);
    CHECK_STATUS(mv_wavelet_inverse(T, &y, NULL, NULL), MEDVOL_E_NULL);
    CHECK_STATUS(mv_wavelet_forward(T, &y, &real, NULL), MEDVOL_E_DTYPE);
    o.wavelet = 3;
    CHECK_STATUS(mv_wavelet_forward(T, &y, &x, &o), MEDVOL_E_RANGE);
    CHECK(!strcmp(T->error.field, "wavelet"));
    o.wavelet = 0, o.levels = -1;
    CHECK_STATUS(mv_wavelet_forward(T, &y, &x, &o), MEDVOL_E_RANGE);
    CHECK(strstr(mv_message(T), "levels = -1"));
    o.levels = 0, o.axes = 16;
    CHECK_STATUS(mv_wavelet_forward(T, &y, &x, &o), MEDVOL_E_RANGE);
    o.axes = 0, o.shift[1] = 6;
    CHECK_STATUS(mv_wavelet_forward(T, &y, &x, &o), MEDVOL_E_RANGE);
    CHECK(strstr(mv_message(T), "shift[1] = 6"));
    CHECK_STATUS(mv_wavelet_forward(T, &real, &x, NULL), MEDVOL_E_DTYPE);
    r.kind = 5;
    CHECK_STATUS(mv_prox(T, &y, &x, &r, 1), MEDVOL_E_RANGE);
    r.kind = MEDVOL_REG_L1, r.lambda = -1;
    CHECK_STATUS(mv_prox(T, &y, &x, &r, 1), MEDVOL_E_RANGE);
    CHECK(!strcmp(T->error.field, "lambda"));
    r.lambda = HUGE_VAL;
    CHECK_STATUS(mv_prox(T, &y, &x, &r, 1), MEDVOL_E_RANGE);
    r.lambda = (double)NAN;
    CHECK_STATUS(mv_reg_value(T, &v, &x, &r), MEDVOL_E_RANGE);
    r.lambda = 1;
    CHECK_STATUS(mv_prox(T, &y, &x, &r, (double)NAN), MEDVOL_E_RANGE);
    CHECK_STATUS(mv_prox(T, &y, &x, &r, -1), MEDVOL_E_RANGE);
    CHECK_STATUS(mv_prox(T, &y, &x, NULL, 1), MEDVOL_E_NULL);
    CHECK_STATUS(mv_reg_value(T, NULL, &x, &r), MEDVOL_E_NULL);
    r.joint = 1;
    CHECK_STATUS(mv_prox(T, &y, &x, &r, 1), MEDVOL_E_UNSUPPORTED);
    r.joint = 64;
    CHECK_STATUS(mv_prox(T, &y, &x, &r, 1), MEDVOL_E_RANGE);
    r.joint = 2, r.kind = MEDVOL_REG_TV;
    CHECK_STATUS(mv_prox(T, &y, &x, &r, 1), MEDVOL_E_UNSUPPORTED);
    r.kind = MEDVOL_REG_LLR, r.axes = 3;
    CHECK_STATUS(mv_prox(T, &y, &x, &r, 1), MEDVOL_E_RANGE);
    r.joint = 0, r.cycle = 2;
    CHECK_STATUS(mv_prox(T, &y, &x, &r, 1), MEDVOL_E_RANGE);
    r.cycle = 0, r.kind = MEDVOL_REG_WAVELET, r.wavelet = -1;
    CHECK_STATUS(mv_prox(T, &y, &x, &r, 1), MEDVOL_E_RANGE);
    mv_volume_free(T, &x), mv_volume_free(T, &real), mv_volume_free(T, &y);
    if (!new_image(&x, 2, 2, 1, 300, 1)) return;
    r.kind = MEDVOL_REG_LLR, r.wavelet = 0, r.axes = 0;
    CHECK_STATUS(mv_prox(T, &y, &x, &r, 1), MEDVOL_E_UNSUPPORTED);
    CHECK(strstr(mv_message(T), "a series of 300"));
    mv_volume_free(T, &x);
}
static void test_solve_errors(void) {
    mv_solve_opt o;
    mv_operator op;
    mv_reg r[2];
    dense d;
    float x[80], y[120], was[80];
    size_t i;
    int k;
    memset(r, 0, sizeof r);
    t_seed(50);
    for (k = 0; k < 5; k++) {
        memset(&o, 0, sizeof o);
        op = dense_operator(&d, 60, 40, k % 2);
        for (i = 0; i < 120; i++) y[i] = (float)t_uniform(-1, 1);
        for (i = 0; i < 80; i++) x[i] = was[i] = (float)i;
        CHECK_STATUS(solvers[k](T, NULL, &op, y, &o), MEDVOL_E_NULL);
        CHECK_STATUS(solvers[k](T, x, NULL, y, &o), MEDVOL_E_NULL);
        CHECK_STATUS(solvers[k](T, x, &op, NULL, &o), MEDVOL_E_NULL);
        CHECK_STATUS(solvers[k](T, y + 6, &op, y, &o), MEDVOL_E_ALIAS);
        o.iterations = -1;
        CHECK_STATUS(solvers[k](T, x, &op, y, &o), MEDVOL_E_RANGE);
        o.iterations = 0, o.tolerance = 1;
        CHECK_STATUS(solvers[k](T, x, &op, y, &o), MEDVOL_E_RANGE);
        o.tolerance = 0, o.lambda = -1;
        CHECK_STATUS(solvers[k](T, x, &op, y, &o), MEDVOL_E_RANGE);
        CHECK(strstr(mv_message(T), "lambda = -1"));
        o.lambda = HUGE_VAL;
        CHECK_STATUS(solvers[k](T, x, &op, y, &o), MEDVOL_E_RANGE);
        o.lambda = 0, o.norm = (double)NAN;
        CHECK_STATUS(solvers[k](T, x, &op, y, &o), MEDVOL_E_RANGE);
        o.norm = 0, o.rho = -1;
        CHECK_STATUS(solvers[k](T, x, &op, y, &o), MEDVOL_E_RANGE);
        o.rho = 0, o.inner = -1;
        CHECK_STATUS(solvers[k](T, x, &op, y, &o), MEDVOL_E_RANGE);
        o.inner = 0, o.reg_count = 1;
        CHECK_STATUS(solvers[k](T, x, &op, y, &o), MEDVOL_E_NULL);
        o.regs = r, o.reg_count = 65;
        CHECK_STATUS(solvers[k](T, x, &op, y, &o), MEDVOL_E_RANGE);
        o.reg_count = 2;
        r[0].kind = r[1].kind = MEDVOL_REG_L1, r[0].lambda = r[1].lambda = 0.1;
        CHECK_STATUS(solvers[k](T, x, &op, y, &o), MEDVOL_E_RANGE); /* ndim */
        o.ndim = 2, o.dim[0] = 8, o.dim[1] = 6;
        CHECK_STATUS(solvers[k](T, x, &op, y, &o), MEDVOL_E_SHAPE);
        CHECK(strstr(mv_message(T), "dim has 48 numbers"));
        o.dim[1] = 5;
        if (k < 3) CHECK_STATUS(solvers[k](T, x, &op, y, &o), MEDVOL_E_UNSUPPORTED);
        r[1].lambda = -2;
        CHECK_STATUS(solvers[k](T, x, &op, y, &o), MEDVOL_E_RANGE);
        CHECK(strstr(mv_message(T), "term 1: lambda = -2"));
        o.reg_count = 0;
        d.wrong = 1, o.check = 1; /* asked to look, it says so */
        CHECK_STATUS(solvers[k](T, x, &op, y, &o), MEDVOL_E_CONVERGENCE);
        d.wrong = 3, o.check = 0;
        CHECK_STATUS(solvers[k](T, x, &op, y, &o), MEDVOL_E_RANGE);
        d.wrong = 4;
        CHECK(solvers[k](T, x, &op, y, &o) == MEDVOL_E_IO);
        d.wrong = 0, y[7] = (float)NAN;
        CHECK_STATUS(solvers[k](T, x, &op, y, &o), MEDVOL_E_RANGE);
        CHECK(strstr(mv_message(T), "number 3 of the data is NaN"));
        y[7] = (float)HUGE_VAL;
        CHECK_STATUS(solvers[k](T, x, &op, y, &o), MEDVOL_E_RANGE);
        y[7] = 0;
        x[3] = (float)NAN, o.warm = 1;
        CHECK_STATUS(solvers[k](T, x, &op, y, &o), MEDVOL_E_RANGE);
        x[3] = was[3], o.warm = 0;
        { /* nothing that A^H sees */
            static float none[2 * 60 * 40];
            const float *full = d.a;
            d.a = none;
            CHECK_STATUS(solvers[k](T, x, &op, y, &o), MEDVOL_E_SINGULAR);
            d.a = full;
        }
        { /* cancelled by the report */
            course c = {0, 0, 0, 0, 3};
            o.report = follow, o.report_user = &c;
            CHECK_STATUS(solvers[k](T, x, &op, y, &o), MEDVOL_E_CANCELLED);
            CHECK(c.calls == 3);
        }
        CHECK(memcmp(x, was, sizeof x) == 0);
        o.report = NULL, o.adjoint_given = 1;
        if (k == 1) CHECK_STATUS(solvers[k](T, x, &op, y, &o), MEDVOL_E_UNSUPPORTED);
        o.adjoint_given = 0;
        for (i = 0; i < 120; i++) y[i] = 0;
        CHECK_OK(solvers[k](T, x, &op, y, &o));
        for (i = 0; i < 80; i++) CHECK(x[i] == 0);
    }
}
static void test_encoding_errors(void) {
    mv_encoding e;
    mv_operator op;
    mv_volume x, y = {0}, bad;
    scene s;
    float keep;
    t_seed(60);
    if (!scene_make(&s, MAPS | MASK, 8, 6, 1, 1) || !new_image(&x, 8, 6, 1, 1, 1)) return;
    CHECK_STATUS(mv_encoding_init(T, NULL, &s.d), MEDVOL_E_NULL);
    CHECK_STATUS(mv_encoding_init(T, &e, NULL), MEDVOL_E_NULL);
    s.d.toeplitz = 3;
    CHECK_STATUS(mv_encoding_init(T, &e, &s.d), MEDVOL_E_RANGE);
    s.d.toeplitz = MEDVOL_TOEPLITZ_ALWAYS;
    CHECK_STATUS(mv_encoding_init(T, &e, &s.d), MEDVOL_E_UNSUPPORTED);
    s.d.toeplitz = 0, s.d.segments = 65;
    CHECK_STATUS(mv_encoding_init(T, &e, &s.d), MEDVOL_E_RANGE);
    s.d.segments = 0, s.d.field_error = 1;
    CHECK_STATUS(mv_encoding_init(T, &e, &s.d), MEDVOL_E_RANGE);
    s.d.field_error = 0, s.d.shape[0] = 9;
    CHECK_STATUS(mv_encoding_init(T, &e, &s.d), MEDVOL_E_SHAPE);
    CHECK(strstr(mv_message(T), "maps: dim[0] = 8: must be 9"));
    s.d.shape[0] = 8, s.d.coils = 4;
    CHECK_STATUS(mv_encoding_init(T, &e, &s.d), MEDVOL_E_SHAPE);
    s.d.coils = 0, s.d.frames = 0;
    s.d.field = &s.mask;
    CHECK_STATUS(mv_encoding_init(T, &e, &s.d), MEDVOL_E_SHAPE);
    s.d.field = NULL, s.d.times = &s.mask;
    CHECK_STATUS(mv_encoding_init(T, &e, &s.d), MEDVOL_E_NULL);
    s.d.times = NULL, s.d.weights = &s.mask;
    CHECK_STATUS(mv_encoding_init(T, &e, &s.d), MEDVOL_E_NULL);
    s.d.weights = NULL, s.d.traj = &s.mask;
    CHECK_STATUS(mv_encoding_init(T, &e, &s.d), MEDVOL_E_UNSUPPORTED);
    s.d.traj = NULL;
    keep = ((float *)s.mask.data)[2], ((float *)s.mask.data)[2] = -1;
    CHECK_STATUS(mv_encoding_init(T, &e, &s.d), MEDVOL_E_RANGE);
    CHECK(!strcmp(T->error.field, "mask") && T->error.offset == 2 && !e.tables);
    ((float *)s.mask.data)[2] = (float)NAN;
    CHECK_STATUS(mv_encoding_init(T, &e, &s.d), MEDVOL_E_RANGE);
    ((float *)s.mask.data)[2] = keep;
    keep = ((float *)s.maps.data)[5], ((float *)s.maps.data)[5] = (float)HUGE_VAL;
    CHECK_STATUS(mv_encoding_init(T, &e, &s.d), MEDVOL_E_RANGE);
    CHECK(!strcmp(T->error.field, "maps"));
    ((float *)s.maps.data)[5] = keep;
    bad = s.mask, bad.dim[1] = 5;
    s.d.mask = &bad;
    CHECK_STATUS(mv_encoding_init(T, &e, &s.d), MEDVOL_E_SHAPE);
    s.d.mask = &s.mask;
    CHECK_STATUS(mv_encoding_operator(T, NULL, &op), MEDVOL_E_NULL);
    CHECK_OK(mv_encoding_init(T, &e, &s.d));
    CHECK_STATUS(mv_encoding_operator(T, &e, NULL), MEDVOL_E_NULL);
    CHECK_STATUS(mv_encoding_forward(T, &e, NULL, &x), MEDVOL_E_NULL);
    CHECK_STATUS(mv_encoding_forward(T, &e, &y, NULL), MEDVOL_E_NULL);
    CHECK_STATUS(mv_encoding_forward(T, NULL, &y, &x), MEDVOL_E_NULL);
    CHECK_STATUS(mv_encoding_adjoint(T, &e, &y, &x), MEDVOL_E_SHAPE);
    CHECK_STATUS(mv_encoding_normal(T, &e, &y, &s.mask), MEDVOL_E_SHAPE);
    bad = x, bad.dtype = MEDVOL_F64;
    CHECK_STATUS(mv_encoding_normal(T, &e, &y, &bad), MEDVOL_E_DTYPE);
    CHECK(!y.data);
    mv_encoding_free(T, &e), mv_encoding_free(T, &e), mv_encoding_free(T, NULL);
    CHECK_STATUS(mv_encoding_weigh(T, &e, &y, &x), MEDVOL_E_NULL);
    memset(s.maps.data, 0, 8 * mv_volume_count(&s.maps)); /* maps that vanish */
    CHECK_STATUS(mv_encoding_init(T, &e, &s.d), MEDVOL_E_EMPTY);
    CHECK(strstr(mv_message(T), "the maps vanish"));
    ((float *)s.maps.data)[0] = 1;
    memset(s.mask.data, 0, 4 * mv_volume_count(&s.mask));
    CHECK_STATUS(mv_encoding_init(T, &e, &s.d), MEDVOL_E_EMPTY);
    CHECK(strstr(mv_message(T), "the mask is 0"));
    scene_free(&s);
    mv_volume_free(T, &x);
    if (!scene_make(&s, RADIAL | MAPS | WEIGHTS | FIELD | BASIS, 8, 6, 1, 2)) return;
    ((float *)s.field.data)[3] = (float)NAN;
    CHECK_STATUS(mv_encoding_init(T, &e, &s.d), MEDVOL_E_RANGE);
    CHECK(!strcmp(T->error.field, "field") && T->error.offset == 3);
    ((float *)s.field.data)[3] = 1e7f; /* more turns than 64 segments follow */
    CHECK_STATUS(mv_encoding_init(T, &e, &s.d), MEDVOL_E_UNSUPPORTED);
    CHECK(strstr(mv_message(T), "at most 48 times"));
    ((float *)s.field.data)[3] = 0, ((float *)s.times.data)[1] = (float)NAN;
    CHECK_STATUS(mv_encoding_init(T, &e, &s.d), MEDVOL_E_RANGE);
    ((float *)s.times.data)[1] = 0, ((float *)s.basis.data)[1] = (float)NAN;
    CHECK_STATUS(mv_encoding_init(T, &e, &s.d), MEDVOL_E_RANGE);
    ((float *)s.basis.data)[1] = 0;
    s.d.frames = 3;
    CHECK_STATUS(mv_encoding_init(T, &e, &s.d), MEDVOL_E_SHAPE);
    s.d.frames = 2, ((float *)s.weights.data)[4] = -1;
    CHECK_STATUS(mv_encoding_init(T, &e, &s.d), MEDVOL_E_RANGE);
    CHECK(!strcmp(T->error.field, "weights"));
    memset(s.weights.data, 0, 4 * mv_volume_count(&s.weights));
    CHECK_STATUS(mv_encoding_init(T, &e, &s.d), MEDVOL_E_EMPTY);
    s.d.weights = NULL, s.d.tolerance = 1e-12;
    CHECK(mv_encoding_init(T, &e, &s.d) < 0 && !e.tables);
    s.d.tolerance = 0, ((double *)s.traj.data)[0] = (double)NAN;
    CHECK_STATUS(mv_encoding_init(T, &e, &s.d), MEDVOL_E_RANGE);
    scene_free(&s);
}
static void test_recon_errors(void) {
    mv_volume y, x = {0}, bad;
    mv_encoding_desc d;
    mv_recon_opt o;
    mv_reg r;
    scene s;
    memset(&o, 0, sizeof o), memset(&r, 0, sizeof r), memset(&d, 0, sizeof d);
    t_seed(70);
    if (!scene_make(&s, MAPS | MASK, 8, 6, 1, 2) || !new_image(&y, 8, 6, 1, 5, 2)) return;
    noise(&y);
    CHECK_STATUS(mv_recon(T, NULL, &y, &s.d, &o), MEDVOL_E_NULL);
    CHECK_STATUS(mv_recon(T, &x, NULL, &s.d, &o), MEDVOL_E_NULL);
    CHECK_STATUS(mv_recon(T, &x, &y, NULL, &o), MEDVOL_E_NULL);
    o.solver = 6;
    CHECK_STATUS(mv_recon(T, &x, &y, &s.d, &o), MEDVOL_E_RANGE);
    o.solver = 0, o.scale = HUGE_VAL;
    CHECK_STATUS(mv_recon(T, &x, &y, &s.d, &o), MEDVOL_E_RANGE);
    o.scale = 0, o.solve.lambda = (double)NAN;
    CHECK_STATUS(mv_recon(T, &x, &y, &s.d, &o), MEDVOL_E_RANGE);
    o.solve.lambda = 0, o.solve.regs = &r, o.solve.reg_count = 1, r.kind = MEDVOL_REG_WAVELET,
    r.lambda = -0.1;
    CHECK_STATUS(mv_recon(T, &x, &y, &s.d, &o), MEDVOL_E_RANGE);
    r.lambda = 0.1, o.solver = MEDVOL_SOLVER_CG;
    CHECK_STATUS(mv_recon(T, &x, &y, &s.d, &o), MEDVOL_E_UNSUPPORTED);
    o.solver = 0;
    bad = y, bad.dim[3] = 4, bad.owner = NULL;
    CHECK_STATUS(mv_recon(T, &x, &bad, &s.d, &o), MEDVOL_E_SHAPE);
    CHECK(strstr(mv_message(T), "data: dim[3] = 4: must be 5"));
    CHECK_STATUS(mv_recon(T, &s.maps, &y, &s.d, &o), MEDVOL_E_ALIAS);
    ((float *)y.data)[2 * (5 + 48 * (3 + 5 * 1))] = (float)NAN;
    CHECK_STATUS(mv_recon(T, &x, &y, &s.d, &o), MEDVOL_E_RANGE);
    CHECK(strstr(mv_message(T), "frame 1, coil 3, sample 5 is NaN"));
    CHECK(!x.data);
    memset(s.maps.data, 0, 8 * mv_volume_count(&s.maps));
    CHECK_STATUS(mv_recon(T, &x, &y, &s.d, &o), MEDVOL_E_EMPTY);
    CHECK(!x.data);
    scene_free(&s);
    mv_volume_free(T, &y);
}
/* Stopped at every place: nothing is left behind, dst stays. */
static int stop_at, seen_calls;
static int stopping(void *user, double done, double total, const char *label) {
    (void)user, (void)label;
    CHECK(done <= total);
    return ++seen_calls > stop_at;
}
static void test_cancel(void) {
    int call, stops;
    for (call = 0; call < 6; call++) {
        mv_volume y, x = {0}, keep, before = {0};
        mv_recon_opt o;
        mv_reg r;
        scene s;
        memset(&o, 0, sizeof o), memset(&r, 0, sizeof r);
        t_seed(80);
        if (!scene_make(&s, call == 2 ? MAPS | RADIAL : MAPS | MASK, 16, 11, 1, 2)) return;
        if (call == 2) {
            const size_t dim[5] = {1, 11, 9, 5, 2};
            if (!new_volume(&y, MEDVOL_C64, 5, dim)) return;
        } else if (!new_image(&y, 16, 11, 1, 5, 2)) return;
        if (!new_image(&keep, 16, 11, 1, 2, 1)) return;
        noise(&y), noise(&keep);
        CHECK_OK(mv_volume_copy(T, &before, &keep));
        s.d.tolerance = 0;
        o.solve.iterations = 4, o.solve.regs = &r, o.solve.reg_count = call > 0, r.lambda = 0.01;
        r.kind = call == 3 ? MEDVOL_REG_TV : call == 4 ? MEDVOL_REG_LLR : MEDVOL_REG_WAVELET;
        if (call == 5) o.solver = MEDVOL_SOLVER_PDHG;
        T->desc.progress = stopping;
        for (stops = 0, stop_at = 0; stop_at < 4000; stop_at += 1 + stop_at / 7) {
            mv_status st;
            seen_calls = 0;
            st = mv_recon(T, call & 1 ? &keep : &x, &y, &s.d, &o);
            if (st == MEDVOL_OK) break;
            CHECK_STATUS(st, MEDVOL_E_CANCELLED);
            CHECK(!x.data && memcmp(keep.data, before.data, 8 * mv_volume_count(&keep)) == 0);
            stops++;
        }
        T->desc.progress = NULL;
        CHECK(stops > 3);
        mv_volume_free(T, &y), mv_volume_free(T, &x), mv_volume_free(T, &keep), mv_volume_free(T, &before);
        scene_free(&s);
    }
}
/* A series passes in the memory of one frame. */
static void test_memory(void) {
    size_t peak[2];
    int k;
    for (k = 0; k < 2; k++) {
        const size_t frames = k ? 12 : 2;
        mv_volume y, x = {0}, maps, one;
        mv_encoding_desc d;
        mv_recon_opt o;
        mv_ctx ctx;
        size_t i;
        memset(&d, 0, sizeof d), memset(&o, 0, sizeof o);
        if (!coils(&maps, 32, 24, 1, 6, 1) || !new_image(&y, 32, 24, 1, 6, frames) ||
            !new_image(&x, 32, 24, 1, frames, 1))
            return;
        noise(&y);
        for (i = 0; i < mv_volume_count(&y); i += 2)
            ((float *)y.data)[2 * i] = ((float *)y.data)[2 * i + 1] = 0;
        d.maps = &maps, o.solve.iterations = 3;
        t_weigh(&ctx, 1);
        one = x, one.owner = NULL;
        CHECK_OK(mv_recon(&ctx, &one, &y, &d, &o));
        peak[k] = t_peak();
        mv_ctx_free(&ctx);
        mv_volume_free(T, &y), mv_volume_free(T, &x), mv_volume_free(T, &maps);
    }
    CHECK(peak[1] - peak[0] <= (size_t)10 * 32 * 24 * 8 + 4096); /* the result's stand-in alone */
}

const t_case tests_iterate[] = {
    {"wavelet_turn", test_wavelet_turn, 0},
    {"wavelet_taps", test_wavelet_taps, 0},
    {"wavelet_views", test_wavelet_views, 0},
    {"wavelet_bart", test_wavelet_bart, T_ONCE},
    {"prox", test_prox, 0},
    {"prox_closed", test_prox_closed, 0},
    {"operator", test_operator, 0},
    {"dense", test_dense, 0},
    {"many_steps", test_many_steps, 0},
    {"objective", test_objective, 0},
    {"adjoints", test_adjoints, 0},
    {"definition", test_definition, 0},
    {"translation", test_translation, 0},
    {"recon_sense", test_recon_sense, 0},
    {"recon_terms", test_recon_terms, 0},
    {"norm", test_norm, 0},
    {"magnitudes", test_magnitudes, T_ONCE},
    {"beyond", test_beyond, 0},
    {"nothing_to_do", test_nothing_to_do, 0},
    {"warm", test_warm, 0},
    {"tv_edge", test_tv_edge, 0},
    {"llr_nan", test_llr_nan, 0},
    {"field_norm", test_field_norm, 0},
    {"recon_frames", test_recon_frames, 0},
    {"bart", test_bart, T_ONCE},
    {"wavelet_errors", test_wavelet_errors, T_ONCE},
    {"solve_errors", test_solve_errors, T_ONCE},
    {"encoding_errors", test_encoding_errors, T_ONCE},
    {"recon_errors", test_recon_errors, T_ONCE},
    {"cancel", test_cancel, 0},
    {"memory", test_memory, T_ONCE},
    {NULL, NULL, 0},
};
