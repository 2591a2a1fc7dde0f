/* test_coils.c - combination, noise, compression and sensitivities of coils, against sums in double, closed
   forms and, where the shared data are at hand, answers of BART 0.8. */
#include "test.h"

typedef struct pair {
    double re, im;
} pair;
static pair at(const mv_volume *v, size_t i) {
    const float *p = (const float *)v->data + 2 * i;
    pair r;
    r.re = (double)p[0], r.im = (double)p[1];
    return r;
}
static void volume(mv_volume *v, mv_dtype t, size_t x, size_t y, size_t z, size_t c, size_t more) {
    size_t dim[5];
    dim[0] = x, dim[1] = y, dim[2] = z, dim[3] = c, dim[4] = more;
    memset(v, 0, sizeof *v);
    CHECK_OK(mv_volume_alloc(T, v, t, more > 1 ? 5 : 4, dim));
    v->affine[0] = 2, v->affine[3] = 7;
    v->step[0] = 3, v->step[1] = 5;
}
static void noisy(mv_volume *v, size_t x, size_t y, size_t z, size_t c, size_t more) {
    size_t i;
    volume(v, MEDVOL_C64, x, y, z, c, more);
    for (i = 0; i < 2 * mv_volume_count(v); i++) ((float *)v->data)[i] = (float)t_normal();
}
static int same_bits(const mv_volume *a, const mv_volume *b) {
    return mv_volume_count(a) == mv_volume_count(b) && a->dtype == b->dtype &&
        memcmp(a->data, b->data, mv_volume_count(a) * mv_dtype_size(a->dtype)) == 0;
}
/* sum of conj(a) b in double */
static pair dot(const mv_volume *a, const mv_volume *b) {
    pair s = {0, 0};
    size_t i;
    for (i = 0; i < mv_volume_count(a); i++) {
        const pair x = at(a, i), y = at(b, i);
        s.re += x.re * y.re + x.im * y.im, s.im += x.re * y.im - x.im * y.re;
    }
    return s;
}
static const size_t shapes[5][5] = {{17, 5, 1, 3, 1}, {1, 1, 1, 1, 1}, {31, 3, 2, 5, 2}, {67, 67, 1, 4, 1},
                                    {263, 1, 1, 9, 3}};

/* ---- combination ---- */
static void test_rss(void) {
    size_t k, i, c;
    mv_coil_rss_opt o;
    o.noise = 0.7;
    t_seed(1);
    for (k = 0; k < 5; k++) {
        const size_t *d = shapes[k], n = d[0] * d[1] * d[2];
        mv_volume v, r, s, serial;
        double worst = 0;
        noisy(&v, d[0], d[1], d[2], d[3], d[4]);
        memset(&r, 0, sizeof r), memset(&s, 0, sizeof s), memset(&serial, 0, sizeof serial);
        CHECK_OK(mv_coil_rss(T, &r, &v, NULL));
        CHECK_OK(mv_coil_rss(T, &s, &v, &o));
        CHECK_OK(mv_coil_rss(NULL, &serial, &v, NULL));
        CHECK(same_bits(&r, &serial));
        CHECK(r.dtype == MEDVOL_F32 && mv_volume_count(&r) == n * d[4] && r.affine[3] == 7);
        if (d[4] > 1) CHECK(r.ndim == 4 && r.step[0] == 5);
        for (i = 0; i < n * d[4]; i++) {
            double sum = 0, less;
            for (c = 0; c < d[3]; c++) {
                const pair p = at(&v, i % n + n * (c + d[3] * (i / n)));
                sum += p.re * p.re + p.im * p.im;
            }
            less = sum - 2.0 * (double)d[3] * 0.49;
            worst = fmax(worst, fabs((double)((float *)r.data)[i] - sqrt(sum)) / sqrt(sum));
            worst = fmax(worst, fabs(pow((double)((float *)s.data)[i], 2) - fmax(0, less)) / (sum + 1) * 0.1);
        }
        CHECK(worst <= 4e-7);
        mv_volume_free(NULL, &serial);
        CHECK_OK(mv_coil_rss(T, &v, &v, NULL)); /* by struct: new memory */
        CHECK(same_bits(&v, &r));
        mv_volume_free(T, &v), mv_volume_free(T, &r), mv_volume_free(T, &s);
    }
}
static void check_combine(const mv_volume *v, const mv_volume *maps, const mv_volume *r, int normalize) {
    const size_t n = v->dim[0] * v->dim[1] * v->dim[2], C = v->dim[3], S = maps->dim[4];
    size_t i, c;
    double worst = 0;
    for (i = 0; i < mv_volume_count(r); i++) {
        const size_t x = i % n, s = i / n % S, f = i / n / S;
        pair sum = {0, 0}, got = at(r, i);
        double w = 0, size = 1e-30;
        for (c = 0; c < C; c++) {
            const pair p = at(v, x + n * (c + C * f)), m = at(maps, x + n * (c + C * s));
            sum.re += m.re * p.re + m.im * p.im, sum.im += m.re * p.im - m.im * p.re;
            w += m.re * m.re + m.im * m.im;
            size += hypot(p.re, p.im) * hypot(m.re, m.im);
        }
        if (normalize && w == 0) {
            CHECK(got.re == 0 && got.im == 0);
            continue;
        }
        if (normalize) sum.re /= w, sum.im /= w, size /= w;
        worst = fmax(worst, hypot(got.re - sum.re, got.im - sum.im) / size);
    }
    CHECK(worst <= 1e-6);
}
static void test_combine(void) {
    size_t k, sets, i;
    int normalize;
    t_seed(2);
    for (k = 0; k < 5; k++)
        for (sets = 1; sets <= 2; sets++)
            for (normalize = 0; normalize < 2; normalize++) {
                const size_t *d = shapes[k], n = d[0] * d[1] * d[2];
                mv_volume v, m, r, e, image;
                mv_coil_combine_opt o;
                pair a, b;
                o.normalize = normalize;
                noisy(&v, d[0], d[1], d[2], d[3], d[4]);
                noisy(&m, d[0], d[1], d[2], d[3], sets);
                for (i = 0; i < d[3] * sets; i++) /* no coil sees the first voxel */
                    ((float *)m.data)[2 * i * n] = ((float *)m.data)[2 * i * n + 1] = 0;
                memset(&r, 0, sizeof r), memset(&e, 0, sizeof e);
                CHECK_OK(mv_coil_combine(T, &r, &v, &m, &o));
                CHECK(mv_volume_count(&r) == n * sets * d[4] && r.dim[3] == (sets > 1 ? sets : d[4]));
                check_combine(&v, &m, &r, normalize);
                CHECK_OK(mv_volume_alloc(T, &image, MEDVOL_C64, r.ndim, r.dim));
                for (i = 0; i < 2 * mv_volume_count(&r); i++) ((float *)image.data)[i] = (float)t_normal();
                CHECK_OK(mv_coil_expand(T, &e, &image, &m, &o));
                CHECK(mv_volume_count(&e) == mv_volume_count(&v) && e.dim[3] == d[3]);
                a = dot(&e, &v), b = dot(&image, &r); /* <E image, v> = <image, E^H v> */
                CHECK_NEAR(a.re, b.re, 2e-5 * sqrt(dot(&image, &image).re * dot(&r, &r).re));
                CHECK_NEAR(a.im, b.im, 2e-5 * sqrt(dot(&image, &image).re * dot(&r, &r).re));
                mv_volume_free(T, &v), mv_volume_free(T, &m), mv_volume_free(T, &r);
                mv_volume_free(T, &e), mv_volume_free(T, &image);
            }
}
static void test_views(void) { /* sources and destinations with gaps, of other types; bits of one thread */
    mv_volume big, v, m, wide, r, s, to, part;
    const size_t start[4] = {3, 1, 0, 1}, size[4] = {13, 4, 1, 3}, dim[3] = {20, 9, 1};
    const size_t image[3] = {13, 4, 1};
    t_seed(3);
    noisy(&big, 20, 7, 1, 5, 1);
    noisy(&m, 13, 4, 1, 3, 1);
    memset(&r, 0, sizeof r), memset(&s, 0, sizeof s), memset(&wide, 0, sizeof wide);
    CHECK_OK(mv_volume_view(T, &v, &big, start, size));
    CHECK_OK(mv_convert(T, &wide, &v, MEDVOL_C128, NULL));
    CHECK_OK(mv_coil_combine(T, &r, &v, &m, NULL));
    CHECK_OK(mv_coil_combine(NULL, &s, &wide, &m, NULL));
    CHECK(same_bits(&r, &s));
    CHECK_OK(mv_volume_alloc(T, &to, MEDVOL_C64, 3, dim));
    memset(to.data, 0x55, mv_volume_count(&to) * 8);
    CHECK_OK(mv_volume_view(T, &part, &to, start, image));
    CHECK_OK(mv_coil_combine(T, &part, &v, &m, NULL));
    mv_volume_free(NULL, &s);
    CHECK_OK(mv_volume_copy(T, &s, &part));
    CHECK(same_bits(&r, &s));
    CHECK(((unsigned char *)to.data)[0] == 0x55);
    mv_volume_free(T, &big), mv_volume_free(T, &m), mv_volume_free(T, &r), mv_volume_free(T, &s);
    mv_volume_free(T, &wide), mv_volume_free(T, &to);
}
static void test_combine_errors(void) {
    mv_volume v, m, other, real, dst, same;
    mv_coil_rss_opt o;
    const size_t many[7] = {2, 2, 1, 2, 1, 1, 2};
    t_seed(4);
    noisy(&v, 6, 5, 1, 3, 1), noisy(&m, 6, 5, 1, 3, 1), noisy(&other, 6, 5, 1, 2, 2);
    volume(&real, MEDVOL_F32, 6, 5, 1, 3, 1);
    memset(&dst, 0, sizeof dst);
    o.noise = -1;
    CHECK_STATUS(mv_coil_rss(T, &dst, &v, &o), MEDVOL_E_RANGE);
    o.noise = NAN;
    CHECK_STATUS(mv_coil_rss(T, &dst, &v, &o), MEDVOL_E_RANGE);
    CHECK_STATUS(mv_coil_rss(T, NULL, &v, NULL), MEDVOL_E_NULL);
    CHECK_STATUS(mv_coil_rss(T, &dst, NULL, NULL), MEDVOL_E_NULL);
    CHECK_STATUS(mv_coil_rss(T, &dst, &real, NULL), MEDVOL_E_DTYPE);
    CHECK_STATUS(mv_coil_rss(T, &m, &v, NULL), MEDVOL_E_DTYPE);
    CHECK_STATUS(mv_coil_combine(T, &dst, &v, &other, NULL), MEDVOL_E_SHAPE);
    CHECK_STATUS(mv_coil_combine(T, &dst, &v, &real, NULL), MEDVOL_E_DTYPE);
    CHECK_STATUS(mv_coil_combine(T, &dst, &v, NULL, NULL), MEDVOL_E_NULL);
    CHECK_STATUS(mv_coil_combine(T, &m, &v, &m, NULL), MEDVOL_E_ALIAS);
    CHECK_STATUS(mv_coil_combine(T, &v, &m, &m, NULL), MEDVOL_E_SHAPE);
    CHECK_STATUS(mv_coil_expand(T, &dst, &v, &other, NULL), MEDVOL_E_SHAPE);
    CHECK_STATUS(mv_coil_expand(T, &dst, &real, &m, NULL), MEDVOL_E_DTYPE);
    CHECK_OK(mv_volume_alloc(T, &same, MEDVOL_C64, 7, many));
    memset(same.data, 0, mv_volume_count(&same) * 8);
    CHECK_STATUS(mv_coil_expand(T, &dst, &same, &same, NULL), MEDVOL_E_SHAPE);
    CHECK(dst.data == NULL);
    mv_volume_free(T, &v), mv_volume_free(T, &m), mv_volume_free(T, &other), mv_volume_free(T, &real);
    mv_volume_free(T, &same);
}

/* ---- noise and whitening ---- */
static void test_noise(void) {
    enum { C = 5 };
    const size_t n = 37 * 23 * 3;
    double psi[2 * C * C], white[2 * C * C], want, im;
    mv_volume v, w;
    size_t i, j, x, f;
    t_seed(5);
    noisy(&v, 37, 23, 1, C, 3);
    for (f = 0; f < 3; f++) /* coil 1 hears coil 0 */
        for (x = 0; x < 37 * 23; x++) {
            float *p = (float *)v.data + 2 * (x + 37 * 23 * C * f);
            p[2 * 37 * 23] += 0.5f * p[1], p[2 * 37 * 23 + 1] -= 2.0f * p[0];
        }
    CHECK_OK(mv_coil_noise(T, psi, &v));
    for (j = 0; j < C; j++)
        for (i = 0; i < C; i++) {
            for (want = im = 0, f = 0; f < 3; f++)
                for (x = 0; x < 37 * 23; x++) {
                    const pair a = at(&v, x + 37 * 23 * (i + C * f)), b = at(&v, x + 37 * 23 * (j + C * f));
                    want += a.re * b.re + a.im * b.im, im += a.im * b.re - a.re * b.im;
                }
            CHECK_NEAR(psi[2 * (i + j * C)], want / (double)(n - 1), 1e-12);
            CHECK_NEAR(psi[2 * (i + j * C) + 1], im / (double)(n - 1), 1e-12);
        }
    memset(&w, 0, sizeof w);
    CHECK_OK(mv_coil_whiten(T, &w, &v, psi));
    CHECK_OK(mv_coil_noise(T, white, &w));
    for (i = 0; i < 2 * C * C; i++) CHECK_NEAR(white[i], i % (2 * (C + 1)) == 0 ? 1 : 0, 1e-6);
    CHECK_OK(mv_coil_whiten(T, &v, &v, psi));
    CHECK(same_bits(&v, &w));
    for (i = 0; i < 2 * C * C; i++) white[i] *= 1e-90;
    CHECK_STATUS(mv_coil_whiten(T, &v, &v, white), MEDVOL_E_RANGE); /* 1e45 is no float */
    psi[2 * (C + 1) * 2] = 0; /* a dead coil */
    CHECK_STATUS(mv_coil_whiten(T, &v, &v, psi), MEDVOL_E_SINGULAR);
    CHECK(strstr(mv_message(T), "pivot 2") != NULL && same_bits(&v, &w));
    psi[3] = NAN;
    CHECK_STATUS(mv_coil_whiten(T, &v, &v, psi), MEDVOL_E_RANGE);
    CHECK_STATUS(mv_coil_whiten(T, &v, &v, NULL), MEDVOL_E_NULL);
    CHECK_STATUS(mv_coil_noise(T, NULL, &v), MEDVOL_E_NULL);
    ((float *)v.data)[2 * 37 * 23 * 3 + 4] = NAN;
    CHECK_STATUS(mv_coil_noise(T, psi, &v), MEDVOL_E_RANGE);
    CHECK(strstr(mv_message(T), "coil 3") != NULL);
    mv_volume_free(T, &v), mv_volume_free(T, &w);
    noisy(&v, 1, 1, 1, 4, 1);
    CHECK_STATUS(mv_coil_noise(T, psi, &v), MEDVOL_E_SIZE);
    mv_volume_free(T, &v);
}
static void test_apply(void) {
    size_t k, rows, i, c;
    t_seed(6);
    for (k = 0; k < 5; k++)
        for (rows = 1; rows <= 9; rows += 4) {
            const size_t *d = shapes[k], n = d[0] * d[1] * d[2], C = d[3];
            double *m = (double *)malloc(2 * rows * C * sizeof *m), worst = 0;
            mv_volume v, r;
            if (!CHECK(m)) return;
            for (i = 0; i < 2 * rows * C; i++) m[i] = t_normal();
            noisy(&v, d[0], d[1], d[2], C, d[4]);
            memset(&r, 0, sizeof r);
            CHECK_OK(mv_coil_apply(T, &r, &v, m, rows));
            CHECK(r.dim[3] == rows && mv_volume_count(&r) == n * rows * d[4]);
            for (i = 0; i < mv_volume_count(&r); i++) {
                const size_t x = i % n, q = i / n % rows, f = i / n / rows;
                pair s = {0, 0}, got = at(&r, i);
                double size = 0;
                for (c = 0; c < C; c++) {
                    const pair p = at(&v, x + n * (c + C * f));
                    const double *e = m + 2 * (q + c * rows);
                    s.re += e[0] * p.re - e[1] * p.im, s.im += e[0] * p.im + e[1] * p.re;
                    size += hypot(e[0], e[1]) * hypot(p.re, p.im);
                }
                worst = fmax(worst, hypot(s.re - got.re, s.im - got.im) / size);
            }
            CHECK(worst <= 1e-6);
            if (rows == C) {
                CHECK_OK(mv_coil_apply(T, &v, &v, m, rows));
                CHECK(same_bits(&v, &r));
            }
            CHECK_STATUS(mv_coil_apply(T, &r, &v, m, 0), MEDVOL_E_RANGE);
            CHECK_STATUS(mv_coil_apply(T, &r, &v, NULL, rows), MEDVOL_E_NULL);
            m[0] = INFINITY;
            CHECK_STATUS(mv_coil_apply(T, &r, &v, m, rows), MEDVOL_E_RANGE);
            mv_volume_free(T, &v), mv_volume_free(T, &r);
            free(m);
        }
}

/* ---- compression ---- */
static void test_compress(void) { /* six coils that hear three sources */
    enum { C = 6, R = 3, X = 21, Y = 13 };
    const size_t n = X * Y;
    double mix[2 * C * R], m[2 * C * C], energy[C], sum = 0, less;
    mv_volume s, v, r, back, again;
    mv_coil_compress_opt o;
    size_t i, j, k;
    t_seed(7);
    noisy(&s, X, Y, 1, R, 1);
    for (i = 0; i < 2 * C * R; i++) mix[i] = t_normal();
    memset(&v, 0, sizeof v), memset(&r, 0, sizeof r), memset(&back, 0, sizeof back);
    memset(&again, 0, sizeof again), memset(&o, 0, sizeof o);
    CHECK_OK(mv_coil_apply(T, &v, &s, mix, C));
    CHECK_OK(mv_coil_compress_matrix(T, m, energy, R, &v, NULL));
    for (i = 0; i < C; i++) sum += energy[i], CHECK(i == 0 || energy[i] <= energy[i - 1]);
    CHECK_NEAR(sum, 1, 1e-12);
    CHECK(energy[R] < 1e-12);
    for (i = 0; i < R; i++) /* rows are orthonormal */
        for (j = 0; j < R; j++) {
            double re = 0, im = 0;
            for (k = 0; k < C; k++) {
                const double *a = m + 2 * (i + k * R), *b = m + 2 * (j + k * R);
                re += a[0] * b[0] + a[1] * b[1], im += a[1] * b[0] - a[0] * b[1];
            }
            CHECK_NEAR(re, i == j, 1e-12);
            CHECK_NEAR(im, 0, 1e-12);
        }
    CHECK_OK(mv_coil_compress(T, &r, &v, R, NULL));
    CHECK_OK(mv_coil_apply(T, &again, &v, m, R));
    CHECK(same_bits(&r, &again));
    CHECK_NEAR(dot(&r, &r).re, dot(&v, &v).re, 1e-6 * dot(&v, &v).re); /* nothing is lost */
    for (less = 0, i = 0; i < n; i++) less += pow(hypot(at(&r, i).re, at(&r, i).im), 2);
    CHECK_NEAR(less / dot(&v, &v).re, energy[0], 1e-6);
    o.calib[0] = 9, o.calib[1] = 6;
    CHECK_OK(mv_coil_compress_matrix(T, m, NULL, R, &v, &o)); /* still the three sources */
    CHECK_OK(mv_coil_apply(T, &again, &v, m, R));
    CHECK_NEAR(dot(&again, &again).re, dot(&v, &v).re, 1e-6 * dot(&v, &v).re);
    o.calib[1] = Y + 1;
    CHECK_STATUS(mv_coil_compress(T, &back, &v, R, &o), MEDVOL_E_SHAPE);
    CHECK_STATUS(mv_coil_compress(T, &back, &v, 0, NULL), MEDVOL_E_RANGE);
    CHECK_STATUS(mv_coil_compress(T, &back, &v, C + 1, NULL), MEDVOL_E_RANGE);
    CHECK_STATUS(mv_coil_compress_matrix(T, NULL, NULL, R, &v, NULL), MEDVOL_E_NULL);
    memset(v.data, 0, mv_volume_count(&v) * 8);
    CHECK_STATUS(mv_coil_compress(T, &back, &v, R, NULL), MEDVOL_E_EMPTY);
    CHECK(back.data == NULL);
    mv_volume_free(T, &s), mv_volume_free(T, &v), mv_volume_free(T, &r), mv_volume_free(T, &again);
}

/* Coils whose mixture of two sources changes along x: at each x two virtual coils hold them all. */
static void test_gcc(void) {
    enum { C = 5, X = 24, Y = 14, F = 2 };
    static double m[2 * 2 * C * X], one[2 * 2 * C * X];
    mv_volume img, ksp, r, again, scc, back;
    mv_fft_opt o;
    mv_coil_compress_opt p;
    size_t x, y, c, f, i;
    double all, kept, plain, jump = 0;
    t_seed(8);
    volume(&img, MEDVOL_C64, X, Y, 1, C, F);
    for (f = 0; f < F; f++)
        for (y = 0; y < Y; y++)
            for (x = 0; x < X; x++) {
                const double a = t_normal(), b = t_normal(), u = (double)x / X;
                for (c = 0; c < C; c++) {
                    float *q = (float *)img.data + 2 * (x + X * (y + Y * (c + C * f)));
                    const double g = cos(2 * u + (double)c), h = sin(3 * u + 2 * (double)c);
                    q[0] = x == 3 ? 0.0f : (float)(g * a - h * b);
                    q[1] = x == 3 ? 0.0f : (float)(g * b + h * a * u);
                }
            }
    memset(&o, 0, sizeof o), memset(&ksp, 0, sizeof ksp), memset(&r, 0, sizeof r), memset(&p, 0, sizeof p);
    memset(&again, 0, sizeof again), memset(&scc, 0, sizeof scc), memset(&back, 0, sizeof back);
    o.axes = 1;
    o.flags = MEDVOL_FFT_CENTERED | MEDVOL_FFT_UNITARY;
    CHECK_OK(mv_fft(T, &ksp, &img, &o));
    CHECK_OK(mv_coil_gcc_matrix(T, m, 2, &ksp, NULL));
    CHECK_OK(mv_coil_gcc_matrix(NULL, one, 2, &ksp, NULL));
    CHECK(memcmp(m, one, sizeof m) == 0);
    CHECK_OK(mv_coil_gcc_apply(T, &r, &ksp, m, 2));
    CHECK_OK(mv_coil_gcc_apply(NULL, &again, &ksp, m, 2));
    CHECK(same_bits(&r, &again) && r.dim[3] == 2 && r.dim[4] == F);
    CHECK_OK(mv_coil_compress(T, &scc, &ksp, 2, NULL));
    all = dot(&ksp, &ksp).re, kept = dot(&r, &r).re, plain = dot(&scc, &scc).re;
    CHECK(kept > plain && kept > 0.85 * all && kept <= all * (1 + 1e-6));
    for (x = 0; x < X; x++) /* rows are orthonormal, and near to those beside them */
        for (i = 0; i < 2; i++) {
            double n = 0, d = 0;
            for (c = 0; c < C; c++) {
                const double *e = m + 2 * (i + 2 * (c + C * x)), *g = x ? e - 4 * C : e;
                n += e[0] * e[0] + e[1] * e[1], d += pow(e[0] - g[0], 2) + pow(e[1] - g[1], 2);
            }
            CHECK_NEAR(n, 1, 1e-12);
            jump = fmax(jump, sqrt(d));
        }
    if (!CHECK(jump < 0.6)) fprintf(stderr, "  jump %g\n", jump);
    o.flags |= MEDVOL_FFT_INVERSE; /* by hand at one x */
    CHECK_OK(mv_fft(T, &back, &r, &o));
    for (i = 0; i < 2; i++) {
        double re = 0, im = 0;
        x = 9, y = 5;
        for (c = 0; c < C; c++) {
            const pair q = at(&img, x + X * (y + Y * c));
            const double *e = m + 2 * (i + 2 * (c + C * x));
            re += e[0] * q.re - e[1] * q.im, im += e[0] * q.im + e[1] * q.re;
        }
        CHECK_NEAR(at(&back, x + X * (y + Y * i)).re, re, 1e-5);
        CHECK_NEAR(at(&back, x + X * (y + Y * i)).im, im, 1e-5);
    }
    CHECK_STATUS(mv_coil_gcc_matrix(T, NULL, 2, &ksp, NULL), MEDVOL_E_NULL);
    CHECK_STATUS(mv_coil_gcc_matrix(T, m, C + 1, &ksp, NULL), MEDVOL_E_RANGE);
    p.calib[0] = 3;
    CHECK_STATUS(mv_coil_gcc_matrix(T, m, 2, &ksp, &p), MEDVOL_E_RANGE);
    p.calib[0] = 0, p.calib[1] = Y + 1;
    CHECK_STATUS(mv_coil_gcc_matrix(T, m, 2, &ksp, &p), MEDVOL_E_SHAPE);
    CHECK_STATUS(mv_coil_gcc_apply(T, &ksp, &ksp, m, 0), MEDVOL_E_RANGE);
    CHECK_STATUS(mv_coil_gcc_apply(T, &img, &img, NULL, 2), MEDVOL_E_NULL);
    CHECK_OK(mv_coil_gcc_apply(T, &ksp, &ksp, m, 2));
    CHECK(same_bits(&ksp, &r));
    memset(img.data, 0, mv_volume_count(&img) * 8);
    CHECK_STATUS(mv_coil_gcc_matrix(T, m, 2, &img, NULL), MEDVOL_E_EMPTY);
    ((float *)img.data)[7] = NAN;
    CHECK_STATUS(mv_coil_gcc_matrix(T, m, 2, &img, NULL), MEDVOL_E_RANGE);
    mv_volume_free(T, &img), mv_volume_free(T, &ksp), mv_volume_free(T, &r), mv_volume_free(NULL, &again);
    mv_volume_free(T, &scc), mv_volume_free(T, &back);
}

/* ---- sensitivities ---- */
enum { MAPS_C = 5 };
/* Coil images of a disc with structure, and what the maps should be: known smooth coils of unit length, coil
   0 real; support in `on`. */
static void phantom(mv_volume *img, mv_volume *truth, unsigned char *on, size_t nx, size_t ny, size_t nz) {
    const size_t n = nx * ny * nz;
    size_t i, c;
    volume(img, MEDVOL_C64, nx, ny, nz, MAPS_C, 1), volume(truth, MEDVOL_C64, nx, ny, nz, MAPS_C, 1);
    for (i = 0; i < n; i++) {
        const double x = 2.0 * (double)(i % nx) / (double)nx - 1;
        const double y = 2.0 * (double)(i / nx % ny) / (double)ny - 1;
        const double z = nz > 1 ? 2.0 * (double)(i / nx / ny) / (double)nz - 1 : 0;
        double r = x * x / 0.5 + y * y / 0.6 + z * z / 0.7, sum = 0, s[2 * MAPS_C], f;
        on[i] = r < 1;
        f = on[i] ? 1 + 0.4 * sin(9 * x) * cos(7 * y) : 0;
        for (c = 0; c < MAPS_C; c++) {
            const double a = 1.3 * (double)c, u = x - 1.2 * cos(a), v = y - 1.2 * sin(a);
            const double w = z - 0.3 * (double)c + 0.6, m = exp(-0.4 * (u * u + v * v + w * w));
            const double phase = c ? 0.8 * x * sin(a) + 0.5 * y + a : 0;
            s[2 * c] = m * cos(phase), s[2 * c + 1] = m * sin(phase);
            sum += m * m;
        }
        for (c = 0; c < MAPS_C; c++) {
            float *p = (float *)img->data + 2 * (i + n * c), *q = (float *)truth->data + 2 * (i + n * c);
            p[0] = (float)(f * s[2 * c]), p[1] = (float)(f * s[2 * c + 1]);
            q[0] = (float)(s[2 * c] / sqrt(sum)), q[1] = (float)(s[2 * c + 1] / sqrt(sum));
        }
    }
}
/* largest distance of vectors where there is support, or more than `most`; lengths are 1 or exactly 0 */
static double worst_of(const mv_volume *maps, const mv_volume *truth, const unsigned char *on, size_t from,
                       size_t n) {
    double worst = 0;
    size_t i, c, bad = 0;
    for (i = 0; i < n; i++) {
        double d = 0, length = 0;
        for (c = 0; c < MAPS_C; c++) {
            const pair p = at(maps, from + i + n * c), q = at(truth, i + n * c);
            d += pow(p.re - q.re, 2) + pow(p.im - q.im, 2);
            length += p.re * p.re + p.im * p.im;
        }
        bad += length != 0 && fabs(length - 1) > 1e-5;
        bad += length != 0 && (at(maps, from + i).re < 0 || fabs(at(maps, from + i).im) > 1e-6);
        if (on[i]) worst = fmax(worst, sqrt(d));
    }
    CHECK(bad == 0);
    return worst;
}
static void to_ksp(mv_volume *ksp, const mv_volume *img) {
    mv_fft_opt o;
    memset(&o, 0, sizeof o);
    o.axes = 7;
    o.flags = MEDVOL_FFT_CENTERED | MEDVOL_FFT_UNITARY;
    memset(ksp, 0, sizeof *ksp);
    CHECK_OK(mv_fft(T, ksp, img, &o));
}
/* the mean of the combined image over each window is real and positive; the maps are as before but for it */
static void check_image_phase(const mv_volume *img, const mv_coil_walsh_opt *o) {
    const size_t *d = img->dim, n = d[0] * d[1] * d[2], c = d[3];
    const long half[3] = {(long)o->box[0] / 2, (long)o->box[1] / 2, (long)o->box[2] / 2};
    mv_coil_walsh_opt plain = *o;
    mv_volume maps = {0}, before = {0};
    double worst = 0, turned = 0;
    size_t i, k;
    plain.image_phase = 0;
    CHECK_OK(mv_coil_walsh(T, &maps, img, o));
    CHECK_OK(mv_coil_walsh(T, &before, img, &plain));
    for (i = 0; maps.data && i < n; i++) {
        const long x = (long)(i % d[0]), y = (long)(i / d[0] % d[1]), z = (long)(i / d[0] / d[1]);
        double re = 0, im = 0, a = 0, b = 0;
        long u, v, w;
        for (k = 0; k < c; k++) {
            const pair s = at(&maps, i + n * k), t = at(&before, i + n * k);
            a += s.re * t.re + s.im * t.im, b += s.im * t.re - s.re * t.im;
            for (w = z - half[2]; w <= z + half[2]; w++)
                for (v = y - half[1]; v <= y + half[1]; v++)
                    for (u = x - half[0]; u <= x + half[0]; u++) {
                        pair e;
                        if (u < 0 || v < 0 || w < 0 || u >= (long)d[0] || v >= (long)d[1] || w >= (long)d[2])
                            continue;
                        e = at(img, (size_t)(u + (long)d[0] * (v + (long)d[1] * w)) + n * k);
                        re += s.re * e.re + s.im * e.im, im += s.re * e.im - s.im * e.re;
                    }
        }
        if (a == 0 && b == 0) continue; /* no support */
        turned = fmax(turned, fabs(sqrt(a * a + b * b) - 1));
        worst = fmax(worst, fabs(im) / sqrt(re * re + im * im));
        if (!CHECK(re > 0)) break;
    }
    if (!CHECK(worst < 1e-3 && turned < 1e-4)) fprintf(stderr, "  phase %g, length %g\n", worst, turned);
    mv_volume_free(T, &maps), mv_volume_free(T, &before);
}
static void test_walsh(void) {
    static const size_t dims[3][3] = {{45, 38, 1}, {18, 21, 9}, {64, 7, 1}};
    static unsigned char on[20000];
    mv_volume img, truth, maps, serial, by;
    mv_coil_walsh_opt o;
    size_t k, i, s;
    for (k = 0; k < 3; k++) {
        const size_t *d = dims[k];
        double e;
        phantom(&img, &truth, on, d[0], d[1], d[2]);
        memset(&maps, 0, sizeof maps), memset(&serial, 0, sizeof serial), memset(&by, 0, sizeof by);
        memset(&o, 0, sizeof o);
        o.box[0] = o.box[1] = o.box[2] = 3;
        CHECK_OK(mv_coil_walsh(T, &maps, &img, &o));
        CHECK_OK(mv_coil_walsh(NULL, &serial, &img, &o));
        CHECK(same_bits(&maps, &serial));
        e = worst_of(&maps, &truth, on, 0, d[0] * d[1] * d[2]);
        if (!CHECK(e < (k == 1 ? 0.12 : 0.2))) fprintf(stderr, "  walsh %zu: %g\n", k, e);
        for (s = 0; s < 4; s++) { /* any scale: 1e-12, 1e-30, 1e25, 1e-4 */
            static const float by_what[4] = {1e-12f, 1e-18f, 1e28f, 1e-29f};
            for (i = 0; i < 2 * mv_volume_count(&img); i++) {
                ((float *)img.data)[i] *= by_what[s];
                if (s == 2) ((float *)img.data)[i] *= 1e27f;
            }
            CHECK_OK(mv_coil_walsh(T, &by, &img, &o));
            e = worst_of(&by, &truth, on, 0, d[0] * d[1] * d[2]);
            if (!CHECK(e < 0.2)) fprintf(stderr, "  walsh %zu, scale %zu: %g\n", k, s, e);
        }
        o.image_phase = 1;
        check_image_phase(&img, &o);
        o.virtual_phase = 1, o.image_phase = 0;
        o.box[0] = 1;
        CHECK_OK(mv_coil_walsh(T, &by, &img, &o));
        ((float *)img.data)[2] = NAN;
        CHECK_OK(mv_coil_walsh(T, &img, &img, NULL));
        CHECK(at(&img, 0).re == 0 && at(&img, d[0] * d[1] * d[2]).im == 0);
        mv_volume_free(T, &img), mv_volume_free(T, &truth), mv_volume_free(T, &maps), mv_volume_free(T, &by);
        mv_volume_free(NULL, &serial);
    }
}
/* the covariance over the window, in double, has the map as its leading eigenvector */
static void test_walsh_vectors(void) {
    enum { C = 4, X = 19, Y = 17, R = 2 };
    double a[2 * C * C], w[C];
    mv_volume v, maps;
    mv_coil_walsh_opt o;
    size_t i, j, x, y, tried = 0;
    long u, t;
    t_seed(11);
    memset(&o, 0, sizeof o), memset(&maps, 0, sizeof maps);
    o.box[0] = o.box[1] = 2 * R + 1;
    noisy(&v, X, Y, 1, C, 1);
    for (i = 0; i < X * Y; i++) {
        ((float *)v.data)[2 * (i + 2 * X * Y)] += 2;
        ((float *)v.data)[2 * i + 1] -= 2;
    }
    CHECK_OK(mv_coil_walsh(T, &maps, &v, &o));
    for (y = 0; y < Y; y++)
        for (x = 0; x < X; x++) {
            pair s = {0, 0};
            memset(a, 0, sizeof a);
            for (t = -R; t <= R; t++)
                for (u = -R; u <= R; u++) {
                    const long p = (long)x + u, q = (long)y + t;
                    if (p < 0 || q < 0 || p >= X || q >= Y) continue;
                    for (j = 0; j < C; j++)
                        for (i = 0; i < C; i++) {
                            const pair e = at(&v, (size_t)(p + q * X) + i * X * Y);
                            const pair f = at(&v, (size_t)(p + q * X) + j * X * Y);
                            a[2 * (i + j * C)] += e.re * f.re + e.im * f.im;
                            a[2 * (i + j * C) + 1] += e.im * f.re - e.re * f.im;
                        }
                }
            CHECK_OK(mv_eigh_c128(NULL, w, a, C, a, C, C));
            if (w[C - 2] > 0.5 * w[C - 1]) continue;
            for (tried++, i = 0; i < C; i++) {
                const pair e = at(&maps, x + y * X + i * X * Y);
                const double *f = a + 2 * (i + (C - 1) * C);
                s.re += f[0] * e.re + f[1] * e.im, s.im += f[0] * e.im - f[1] * e.re;
            }
            CHECK_NEAR(hypot(s.re, s.im), 1, 1e-6);
        }
    CHECK(tried > 200);
    mv_volume_free(T, &v), mv_volume_free(T, &maps);
}
/* The joint estimate as its formulas stand, in doubles. */
typedef struct joint {
    const mv_volume *d;
    size_t box[3], rounds;
    double tolerance, threshold;
    pair *s, *m, *was; /* maps, images of this round and the last */
    pair v[16];
} joint;
static pair times(pair a, pair b) { /* conj(a) b */
    const pair r = {a.re * b.re + a.im * b.im, a.re * b.im - a.im * b.re};
    return r;
}
static int whole(const mv_volume *d, size_t i) {
    const size_t n = d->dim[0] * d->dim[1] * d->dim[2];
    size_t c;
    for (c = 0; c < d->dim[3]; c++)
        if (!isfinite(at(d, i + n * c).re) || !isfinite(at(d, i + n * c).im)) return 0;
    return 1;
}
/* sum over the window about voxel i of d_c conj(was); NaN where something there is not finite */
static pair window_sum(const joint *j, size_t i, size_t c) {
    const size_t *n = j->d->dim, all = n[0] * n[1] * n[2];
    const long x = (long)(i % n[0]), y = (long)(i / n[0] % n[1]), z = (long)(i / n[0] / n[1]);
    const long a = (long)j->box[0] / 2, b = (long)j->box[1] / 2, e = (long)j->box[2] / 2;
    pair sum = {0, 0};
    long u, v, w;
    for (w = z - e; w <= z + e; w++)
        for (v = y - b; v <= y + b; v++)
            for (u = x - a; u <= x + a; u++) {
                size_t k;
                pair p;
                if (u < 0 || v < 0 || w < 0 || u >= (long)n[0] || v >= (long)n[1]) continue;
                if (w >= (long)n[2]) continue;
                k = (size_t)(u + (long)n[0] * (v + (long)n[1] * w));
                p = times(j->was[k], at(j->d, k + all * c));
                sum.re += p.re, sum.im += p.im;
                if (!whole(j->d, k)) sum.re = NAN;
            }
    return sum;
}
/* v = sum over space of s m, of length 1 */
static void mean_of(joint *j, const pair *m) {
    const size_t n = j->d->dim[0] * j->d->dim[1] * j->d->dim[2], C = j->d->dim[3];
    double norm = 0;
    size_t i, c;
    for (c = 0; c < C; c++) {
        pair sum = {0, 0};
        for (i = 0; i < n; i++) {
            pair p = m ? j->s[i + n * c] : at(j->d, i + n * c);
            if (m) p.im = -p.im, p = times(p, m[i]);
            else if (!whole(j->d, i)) continue;
            sum.re += p.re, sum.im += p.im;
        }
        j->v[c] = sum;
        norm += sum.re * sum.re + sum.im * sum.im;
    }
    for (c = 0; c < C; c++) j->v[c].re /= sqrt(norm), j->v[c].im /= sqrt(norm);
}
/* the relative change; behind the maps: the lengths of the sums */
static double one_round(joint *j) {
    const size_t n = j->d->dim[0] * j->d->dim[1] * j->d->dim[2], C = j->d->dim[3];
    double change = 0, all = 0;
    size_t i, c;
    for (i = 0; i < n; i++) {
        double length = 0;
        pair m = {0, 0};
        for (c = 0; c < C; c++) {
            const pair p = j->s[i + n * c] = window_sum(j, i, c);
            length += p.re * p.re + p.im * p.im;
        }
        length = sqrt(length);
        for (c = 0; c < C; c++) {
            pair *s = &j->s[i + n * c], p;
            if (length > 0) s->re /= length, s->im /= length; /* not if NaN */
            else s->re = s->im = 0;
            if (!(length > 0)) continue;
            p = times(*s, at(j->d, i + n * c));
            m.re += p.re, m.im += p.im;
        }
        j->m[i] = m;
        j->s[i + n * C].re = length;
    }
    mean_of(j, j->m);
    for (i = 0; i < n; i++) {
        pair e = {0, 0};
        double r;
        for (c = 0; c < C; c++) {
            const pair p = times(j->v[c], j->s[i + n * c]);
            e.re += p.re, e.im += p.im;
        }
        r = hypot(e.re, e.im);
        if (r > 0) e.re /= r, e.im /= r;
        else e.re = 1, e.im = 0;
        for (c = 0; c < C; c++) j->s[i + n * c] = times(e, j->s[i + n * c]);
        e.im = -e.im;
        j->m[i] = times(e, j->m[i]);
        change += pow(j->m[i].re - j->was[i].re, 2) + pow(j->m[i].im - j->was[i].im, 2);
        all += pow(j->m[i].re, 2) + pow(j->m[i].im, 2);
    }
    memcpy(j->was, j->m, n * sizeof *j->m);
    return sqrt(change / all);
}
static size_t jointly(joint *j) {
    const size_t n = j->d->dim[0] * j->d->dim[1] * j->d->dim[2], C = j->d->dim[3];
    double most = 0, limit;
    size_t i, c, it;
    mean_of(j, NULL);
    for (i = 0; i < n; i++) {
        double e = 0;
        j->was[i].re = j->was[i].im = 0;
        for (c = 0; c < C && whole(j->d, i); c++) {
            const pair d = at(j->d, i + n * c), p = times(j->v[c], d);
            j->was[i].re += p.re, j->was[i].im += p.im;
            e += d.re * d.re + d.im * d.im;
        }
        most = fmax(most, e);
    }
    for (it = 1; one_round(j) > j->tolerance && it < j->rounds;) it++;
    limit = j->threshold * most * (double)(j->box[0] * j->box[1] * j->box[2]);
    for (i = 0; i < n; i++)
        for (c = 0; c < C && !(j->s[i + n * C].re >= limit); c++)
            j->s[i + n * c].re = j->s[i + n * c].im = j->m[i].re = j->m[i].im = 0;
    return it;
}
static void joint_make(joint *j, const mv_volume *d) {
    const size_t n = d->dim[0] * d->dim[1] * d->dim[2];
    memset(j, 0, sizeof *j);
    j->d = d;
    j->s = (pair *)calloc(n * (d->dim[3] + 3), sizeof(pair));
    if (!CHECK(j->s != NULL)) exit(1);
    j->m = j->s + n * (d->dim[3] + 1), j->was = j->m + n;
}
/* the largest difference of maps, of images as part of the brightest voxel; support is the same */
static double apart_of(const joint *j, const mv_volume *maps, const mv_volume *image) {
    const size_t n = j->d->dim[0] * j->d->dim[1] * j->d->dim[2], C = j->d->dim[3];
    double worst = 0, most = 0, off = 0;
    size_t i, bad = 0;
    for (i = 0; i < n * C; i++) {
        const pair p = at(maps, i), q = j->s[i];
        worst = fmax(worst, hypot(p.re - q.re, p.im - q.im));
        bad += !isfinite(p.re) || !isfinite(p.im);
    }
    for (i = 0; i < n; i++) {
        const pair p = at(image, i), q = j->m[i];
        off = fmax(off, hypot(p.re - q.re, p.im - q.im)), most = fmax(most, hypot(q.re, q.im));
        bad += !isfinite(p.re) || !isfinite(p.im);
    }
    CHECK(bad == 0);
    return fmax(worst, off / most);
}
static void test_inati(void) { /* beside the formulas: a disc with noise, nothing about it, a voxel of NaN */
    static const size_t dims[4][3] = {{37, 35, 1}, {18, 21, 9}, {301, 3, 1}, {1, 19, 7}};
    static const size_t box[4][3] = {{5, 5, 1}, {3, 5, 3}, {7, 1, 1}, {1, 3, 9}};
    static unsigned char on[20000];
    mv_volume img, truth, maps, serial, image, sum;
    mv_coil_inati_opt o;
    joint j;
    size_t k, i, c;
    t_seed(31);
    for (k = 0; k < 4; k++) {
        const size_t *d = dims[k], n = d[0] * d[1] * d[2];
        double e;
        phantom(&img, &truth, on, d[0], d[1], d[2]);
        for (i = 0; i < n * MAPS_C; i++) {
            float *p = (float *)img.data + 2 * i;
            if (!on[i % n] && k != 3) continue;
            p[0] += 0.05f * (float)t_normal(), p[1] += 0.05f * (float)t_normal();
        }
        if (k < 2) ((float *)img.data)[2 * (n / 2 + 5 + 2 * n)] = k ? INFINITY : NAN;
        memset(&o, 0, sizeof o), memset(&maps, 0, sizeof maps), memset(&image, 0, sizeof image);
        memset(&serial, 0, sizeof serial), memset(&sum, 0, sizeof sum);
        joint_make(&j, &img);
        for (c = 0; c < 3; c++) o.box[c] = j.box[c] = box[k][c];
        o.rounds = j.rounds = 4, o.tolerance = j.tolerance = 1e-20, o.threshold = j.threshold = 3e-3;
        o.image = &image;
        CHECK(jointly(&j) == 4);
        CHECK_OK(mv_coil_inati(T, &maps, &img, &o));
        e = apart_of(&j, &maps, &image);
        if (!CHECK(e < 2e-5)) fprintf(stderr, "  inati %zu: %g from its formulas\n", k, e);
        CHECK(image.ndim == 3 && image.affine[3] == 7 && maps.affine[3] == 7);
        if (k < 2) CHECK(at(&maps, n / 2 + 5).re == 0 && at(&image, n / 2 + 5).im == 0);
        o.image = NULL;
        CHECK_OK(mv_coil_inati(NULL, &serial, &img, &o));
        CHECK(same_bits(&maps, &serial));
        if (k >= 2) { /* what is not finite makes 0 times it NaN there */
            CHECK_OK(mv_coil_combine(T, &sum, &img, &maps, NULL));
            CHECK(same_bits(&sum, &image));
        }
        free(j.s);
        mv_volume_free(T, &img), mv_volume_free(T, &truth), mv_volume_free(T, &maps);
        mv_volume_free(T, &image), mv_volume_free(T, &sum), mv_volume_free(NULL, &serial);
    }
}
/* it ends with the round in which the image changes little enough; defaults; any scale */
static void test_inati_rounds(void) {
    static const size_t dim[3] = {33, 41, 1};
    static unsigned char on[2000];
    mv_volume img, truth, maps = {0}, by = {0}, image = {0};
    mv_coil_inati_opt o;
    joint j;
    size_t k, i, took;
    t_seed(32);
    phantom(&img, &truth, on, dim[0], dim[1], dim[2]);
    joint_make(&j, &img);
    j.box[0] = j.box[1] = 5, j.box[2] = 1, j.threshold = 1e-6;
    j.rounds = 5, j.tolerance = 1e-3;
    memset(&o, 0, sizeof o);
    o.image = &image;
    CHECK((took = jointly(&j)) == 2);
    CHECK_OK(mv_coil_inati(T, &maps, &img, &o)); /* by default */
    CHECK(apart_of(&j, &maps, &image) < 2e-5);
    for (i = 0; i < 2 * mv_volume_count(&img); i++) ((float *)img.data)[i] += 0.05f * (float)t_normal();
    CHECK(jointly(&j) == 5); /* where noise is alone it takes longer */
    CHECK_OK(mv_coil_inati(T, &maps, &img, &o));
    CHECK(apart_of(&j, &maps, &image) < 1e-4);
    o.tolerance = j.tolerance = 5.5e-3, o.rounds = j.rounds = 10;
    took = jointly(&j);
    if (!CHECK(took > 2 && took < 10)) fprintf(stderr, "  %zu rounds\n", took);
    CHECK_OK(mv_coil_inati(T, &maps, &img, &o));
    CHECK(apart_of(&j, &maps, &image) < 1e-4);
    o.rounds = took;
    CHECK_OK(mv_coil_inati(T, &by, &img, &o));
    CHECK(same_bits(&maps, &by));
    o.rounds = took - 1;
    CHECK_OK(mv_coil_inati(T, &by, &img, &o));
    CHECK(!same_bits(&maps, &by));
    o.image = NULL, o.rounds = took, o.tolerance = 1e-20;
    for (k = 0; k < 4; k++) {
        static const float by_what[4] = {1e-12f, 1e-18f, 1e28f, 1e-29f};
        double worst = 0;
        for (i = 0; i < 2 * mv_volume_count(&img); i++) {
            ((float *)img.data)[i] *= by_what[k];
            if (k == 2) ((float *)img.data)[i] *= 1e27f;
        }
        CHECK_OK(mv_coil_inati(T, &by, &img, &o));
        for (i = 0; i < mv_volume_count(&img); i++)
            worst = fmax(worst, hypot(at(&by, i).re - at(&maps, i).re, at(&by, i).im - at(&maps, i).im));
        if (!CHECK(worst < 1e-4)) fprintf(stderr, "  inati, scale %zu: %g\n", k, worst);
    }
    free(j.s);
    mv_volume_free(T, &img), mv_volume_free(T, &truth), mv_volume_free(T, &maps), mv_volume_free(T, &by);
    mv_volume_free(T, &image);
}
/* the largest step of phase between neighbours along x and y where both are `on` */
static double phase_step(const mv_volume *v, const unsigned char *on) {
    const size_t nx = v->dim[0], ny = v->dim[1];
    double worst = 0;
    size_t i, k;
    for (i = 0; i < nx * ny; i++)
        for (k = 0; k < 2; k++) {
            const size_t next = k ? i + nx : i + 1;
            pair q;
            if ((k ? i / nx + 1 >= ny : i % nx + 1 >= nx) || !on[i] || !on[next]) continue;
            q = times(at(v, i), at(v, next));
            worst = fmax(worst, fabs(atan2(q.im, q.re)));
        }
    return worst;
}
/* the least agreement |t^H s| with true sensitivities, of length 1, where `on` */
static double agreement(const mv_volume *maps, const mv_volume *sens, const unsigned char *on) {
    const size_t n = maps->dim[0] * maps->dim[1] * maps->dim[2], C = maps->dim[3];
    double least = 1;
    size_t i, c;
    for (i = 0; i < n; i++) {
        pair s = {0, 0};
        double w = 0;
        for (c = 0; c < C; c++) {
            const pair t = at(sens, i + n * c), p = times(t, at(maps, i + n * c));
            s.re += p.re, s.im += p.im, w += t.re * t.re + t.im * t.im;
        }
        if (on[i]) least = fmin(least, hypot(s.re, s.im) / sqrt(w));
    }
    return least;
}
static void test_inati_phantom(void) { /* Shepp and Logan's head, and coils of which the first has no phase */
    enum { X = 64, Y = 60, N = X * Y, C = 6 };
    static const size_t dim[3] = {X, Y, 1};
    static unsigned char on[N];
    mv_volume img = {0}, sens = {0}, maps = {0}, image = {0}, walsh = {0}, sum = {0};
    mv_phantom_opt p;
    mv_coil_inati_opt o;
    double e, a, b;
    size_t i, c;
    memset(&p, 0, sizeof p), memset(&o, 0, sizeof o);
    p.coils = C;
    o.box[0] = o.box[1] = 3, o.image = &image;
    CHECK_OK(mv_phantom_image(T, &img, dim, &p));
    CHECK_OK(mv_phantom_sens(T, &sens, dim, &p));
    for (i = 0; i < N; i++) on[i] = hypot(at(&img, i).re, at(&img, i).im) > 1e-3;
    CHECK_OK(mv_coil_inati(T, &maps, &img, &o));
    e = agreement(&maps, &sens, on), a = phase_step(&image, on);
    if (!CHECK(e > 0.998 && a < 0.15)) fprintf(stderr, "  agreement %g, phase %g\n", e, a);
    /* coil 0 sees nothing at one point, about which its phase turns once */
    CHECK(on[31 + 29 * X] && on[32 + 29 * X] && on[31 + 30 * X] && on[32 + 30 * X]);
    for (i = 0; i < N; i++) {
        const double x = ((double)(i % X) - 31.5) / 20, y = ((double)(i / X) - 29.5) / 20;
        for (c = 0; c < C; c++) {
            float *s = (float *)sens.data + 2 * (i + N * c), *d = (float *)img.data + 2 * (i + N * c);
            const double f = on[i] ? 1 + 0.3 * sin(0.3 * (double)(i % X)) : 0;
            if (c == 0) s[0] = (float)x, s[1] = (float)y;
            d[0] = (float)(f * (double)s[0]), d[1] = (float)(f * (double)s[1]);
        }
    }
    CHECK_OK(mv_coil_walsh(T, &walsh, &img, NULL));
    CHECK_OK(mv_coil_combine(T, &sum, &img, &walsh, NULL));
    CHECK_OK(mv_coil_inati(T, &maps, &img, &o));
    e = agreement(&maps, &sens, on), a = phase_step(&image, on), b = phase_step(&sum, on);
    if (!CHECK(e > 0.998 && a < 0.15 && b > 1.4))
        fprintf(stderr, "  agreement %g, phase %g, of Walsh's %g\n", e, a, b);
    mv_volume_free(T, &img), mv_volume_free(T, &sens), mv_volume_free(T, &maps), mv_volume_free(T, &image);
    mv_volume_free(T, &walsh), mv_volume_free(T, &sum);
}
static double length_at(const mv_volume *maps, size_t i) {
    const size_t n = maps->dim[0] * maps->dim[1] * maps->dim[2];
    double sum = 0;
    size_t c;
    for (c = 0; c < maps->dim[3]; c++) sum += pow(at(maps, i + n * c).re, 2) + pow(at(maps, i + n * c).im, 2);
    return sqrt(sum);
}
static void test_inati_odd(void) { /* noise; one coil; sums that cancel; coils that see alone; zeros */
    enum { X = 23, Y = 20, N = X * Y, C = 3 };
    mv_volume v, maps = {0}, image = {0};
    mv_coil_inati_opt o;
    double worst = 0, off = 0, least = 1;
    size_t i, c;
    memset(&o, 0, sizeof o);
    o.image = &image;
    t_seed(33);
    noisy(&v, X, Y, 1, C, 1);
    CHECK_OK(mv_coil_inati(T, &maps, &v, &o));
    for (i = 0; i < N; i++) worst = fmax(worst, fabs(length_at(&maps, i) - 1));
    CHECK(worst < 1e-5);
    for (c = 0; c < C; c++) /* signs as on a chessboard: every sum over space is 0, and v the brightest's */
        for (i = 0; i < N; i++) {
            float *p = (float *)v.data + 2 * (i + N * c);
            p[0] = (float)((double)(c + 1) * ((i % X + i / X) % 2 ? -1 : 1)), p[1] = c == 1 ? p[0] : 0;
        }
    ((float *)v.data)[2 * (N + 4)] = ((float *)v.data)[2 * N + 9] = 2;
    for (i = 0; i < 2 * N * C; i++) ((float *)v.data)[i] *= 0.25f;
    CHECK_OK(mv_coil_inati(T, &maps, &v, &o));
    for (i = 5 * X; i < N; i++) {
        least = fmin(least, length_at(&maps, i));
        worst = fmax(worst, fabs(hypot(at(&image, i).re, at(&image, i).im) - 0.25 * sqrt(1 + 8 + 9)));
    }
    CHECK(least > 1 - 1e-5 && worst < 1e-5);
    /* coil 0 sees the left third, coil 1 the right, where its sum is 0: nobody knows of it */
    memset(v.data, 0, 2 * N * C * sizeof(float));
    for (i = 0; i < N; i++) {
        if (i % X < 8) ((float *)v.data)[2 * i] = 1;
        if (i % X >= 15) ((float *)v.data)[2 * (i + N)] = i / X % 2 ? -1 : 1;
    }
    CHECK_OK(mv_coil_inati(T, &maps, &v, &o));
    for (i = 0; i < N; i++) off = fmax(off, fabs(length_at(&maps, i) - (i % X < 10 ? 1 : 0)));
    CHECK(off < 1e-6);
    ((float *)v.data)[2 * (N + 15)] = 1.5; /* as soon as it is not, they do */
    CHECK_OK(mv_coil_inati(T, &maps, &v, &o));
    for (i = 0; i < N; i++) off = fmax(off, fabs(length_at(&maps, i) - (i % X < 10 || i % X > 12 ? 1 : 0)));
    CHECK(off < 1e-6);
    mv_volume_free(T, &v), mv_volume_free(T, &maps), mv_volume_free(T, &image);
    noisy(&v, X, Y, 1, 1, 1); /* one coil: of length 1, by one phase for all, which is that of its sum */
    CHECK_OK(mv_coil_inati(T, &maps, &v, &o));
    for (worst = 0, i = 1; i < N; i++)
        worst = fmax(worst, hypot(at(&maps, i).re - at(&maps, 0).re, at(&maps, i).im - at(&maps, 0).im));
    CHECK(worst < 1e-5 && fabs(length_at(&maps, 7) - 1) < 1e-6);
    for (worst = 0, i = 0; i < N; i++) {
        const pair p = at(&image, i), q = at(&v, i);
        worst = fmax(worst, fabs(hypot(p.re, p.im) - hypot(q.re, q.im)));
    }
    CHECK(worst < 1e-5);
    mv_volume_free(T, &maps), mv_volume_free(T, &image);
    o.image = NULL; /* src by struct; NaN everywhere but in one voxel */
    for (i = 0; i < N; i++) ((float *)v.data)[2 * i] = i == 3 ? 1 : NAN;
    CHECK_OK(mv_coil_inati(T, &v, &v, &o));
    for (off = 0, i = 0; i < N; i++) off += length_at(&v, i);
    CHECK(off == 0);
    mv_volume_free(T, &v);
}
static void test_lowres(void) {
    static unsigned char on[5000];
    mv_volume img, truth, maps, ksp, again;
    mv_coil_lowres_opt o;
    double e;
    phantom(&img, &truth, on, 60, 51, 1);
    to_ksp(&ksp, &img);
    memset(&maps, 0, sizeof maps), memset(&again, 0, sizeof again), memset(&o, 0, sizeof o);
    o.window = 1;
    CHECK_OK(mv_coil_lowres(T, &maps, &ksp, &o));
    e = worst_of(&maps, &truth, on, 0, 60 * 51);
    if (!CHECK(e < 0.15)) fprintf(stderr, "  lowres: %g\n", e);
    CHECK_OK(mv_coil_lowres(NULL, &again, &ksp, &o));
    CHECK(same_bits(&maps, &again));
    mv_volume_free(NULL, &again);
    o.shape[0] = 120, o.shape[1] = 51, o.calib[1] = 16, o.virtual_phase = 1;
    CHECK_OK(mv_coil_lowres(T, &again, &ksp, &o));
    CHECK(again.dim[0] == 120 && again.affine[0] == 1);
    mv_volume_free(T, &again);
    mv_volume_free(T, &img), mv_volume_free(T, &truth), mv_volume_free(T, &ksp), mv_volume_free(T, &maps);
}
static void test_espirit(void) {
    static const size_t dims[3][3] = {{48, 40, 1}, {33, 64, 1}, {20, 18, 16}};
    static unsigned char on[20000];
    mv_volume img, truth, ksp, maps, serial, values;
    mv_espirit_opt o;
    size_t k, i, c;
    for (k = 0; k < 3; k++) {
        const size_t *d = dims[k], n = d[0] * d[1] * d[2];
        double e, least = 1;
        size_t outside = 0;
        if (k == 2 && t_threads > 1 && t_level < 3) continue;
        phantom(&img, &truth, on, d[0], d[1], d[2]);
        to_ksp(&ksp, &img);
        memset(&maps, 0, sizeof maps), memset(&serial, 0, sizeof serial), memset(&values, 0, sizeof values);
        memset(&o, 0, sizeof o);
        if (k == 2) o.calib[0] = o.calib[1] = o.calib[2] = 10, o.kernel[0] = o.kernel[1] = o.kernel[2] = 3;
        o.threshold = k == 2 ? 0.01 : 0.002;
        o.values = &values;
        CHECK_OK(mv_espirit(T, &maps, &ksp, &o));
        o.values = NULL;
        if (k == 0) {
            CHECK_OK(mv_espirit(NULL, &serial, &ksp, &o));
            CHECK(same_bits(&maps, &serial));
        }
        CHECK(values.dtype == MEDVOL_F32 && mv_volume_count(&values) == n);
        e = worst_of(&maps, &truth, on, 0, n);
        for (i = 0; i < n; i++) {
            const double v = (double)((float *)values.data)[i];
            if (on[i]) least = fmin(least, v);
            for (c = 0; c < MAPS_C; c++) outside += v < 0.8 && at(&maps, i + c * n).re != 0;
        }
        if (!CHECK(e < (k == 2 ? 0.1 : 0.05) && least > 0.9 && outside == 0))
            fprintf(stderr, "  espirit %zu: %g, least %g, outside %zu\n", k, e, least, outside);
        mv_volume_free(T, &img), mv_volume_free(T, &truth), mv_volume_free(T, &ksp), mv_volume_free(T, &maps);
        mv_volume_free(T, &values), mv_volume_free(NULL, &serial);
    }
}
/* what the projection of the data on the maps leaves out of them */
static double left_of(const mv_volume *img, const mv_volume *maps) {
    mv_volume one, all;
    double d = 0, sum = 0;
    size_t i;
    memset(&one, 0, sizeof one), memset(&all, 0, sizeof all);
    CHECK_OK(mv_coil_combine(T, &one, img, maps, NULL));
    CHECK_OK(mv_coil_expand(T, &all, &one, maps, NULL));
    for (i = 0; i < mv_volume_count(img); i++) {
        const pair p = at(img, i), q = at(&all, i);
        d += pow(p.re - q.re, 2) + pow(p.im - q.im, 2), sum += p.re * p.re + p.im * p.im;
    }
    mv_volume_free(T, &one), mv_volume_free(T, &all);
    return sqrt(d / sum);
}
static void test_espirit_sets(void) { /* a field of view half as long as the object: two maps are needed */
    enum { X = 40, Y = 40 };
    static unsigned char on[2 * X * Y];
    mv_volume img, truth, folded, ksp, one, two;
    mv_espirit_opt o;
    size_t x, y, c;
    double a, b;
    phantom(&img, &truth, on, X, 2 * Y, 1);
    volume(&folded, MEDVOL_C64, X, Y, 1, MAPS_C, 1);
    for (c = 0; c < MAPS_C; c++)
        for (y = 0; y < Y; y++)
            for (x = 0; x < 2 * X; x++)
                ((float *)folded.data)[x + 2 * X * (y + Y * c)] =
                    ((float *)img.data)[x + 2 * X * (y + 2 * Y * c)] +
                    ((float *)img.data)[x + 2 * X * (y + Y + 2 * Y * c)];
    to_ksp(&ksp, &folded);
    memset(&o, 0, sizeof o), memset(&one, 0, sizeof one), memset(&two, 0, sizeof two);
    o.threshold = 0.003, o.crop = 0.5;
    CHECK_OK(mv_espirit(T, &one, &ksp, &o));
    o.sets = 2;
    CHECK_OK(mv_espirit(T, &two, &ksp, &o));
    CHECK(two.ndim == 5 && two.dim[4] == 2);
    a = left_of(&folded, &one), b = left_of(&folded, &two);
    if (!CHECK(a > 0.1 && b < 0.03)) fprintf(stderr, "  one set leaves %g, two %g\n", a, b);
    mv_volume_free(T, &img), mv_volume_free(T, &truth), mv_volume_free(T, &folded), mv_volume_free(T, &ksp);
    mv_volume_free(T, &one), mv_volume_free(T, &two);
}
static int stop_soon(void *user, double done, double total, const char *label) {
    (void)total, (void)label;
    return done > 0 && --*(int *)user <= 0;
}
static void test_maps_errors(void) {
    mv_volume v, frames, real, dst, zeros;
    mv_coil_walsh_opt w;
    mv_coil_lowres_opt l;
    mv_coil_inati_opt n;
    mv_espirit_opt o;
    mv_ctx_desc was = T->desc;
    int left = 1;
    t_seed(12);
    noisy(&v, 12, 10, 1, 3, 1), noisy(&frames, 8, 8, 1, 3, 2), volume(&real, MEDVOL_F32, 8, 8, 1, 2, 1);
    volume(&zeros, MEDVOL_C64, 9, 9, 1, 2, 1);
    memset(zeros.data, 0, mv_volume_count(&zeros) * 8), memset(real.data, 0, mv_volume_count(&real) * 4);
    memset(&dst, 0, sizeof dst), memset(&w, 0, sizeof w), memset(&l, 0, sizeof l), memset(&o, 0, sizeof o);
    w.box[1] = 4;
    CHECK_STATUS(mv_coil_walsh(T, &dst, &v, &w), MEDVOL_E_RANGE);
    w.box[1] = 0, w.threshold = NAN;
    CHECK_STATUS(mv_coil_walsh(T, &dst, &v, &w), MEDVOL_E_RANGE);
    CHECK_STATUS(mv_coil_walsh(T, &dst, &frames, NULL), MEDVOL_E_SHAPE);
    CHECK_STATUS(mv_coil_walsh(T, &dst, &real, NULL), MEDVOL_E_DTYPE);
    CHECK_STATUS(mv_coil_walsh(T, &dst, &zeros, NULL), MEDVOL_E_EMPTY);
    CHECK_STATUS(mv_coil_walsh(T, NULL, &v, NULL), MEDVOL_E_NULL);
    memset(&n, 0, sizeof n);
    n.box[1] = 4;
    CHECK_STATUS(mv_coil_inati(T, &dst, &v, &n), MEDVOL_E_RANGE);
    CHECK(strstr(mv_message(T), "coil_inati: box[1] = 4") != NULL);
    n.box[1] = 65;
    CHECK_STATUS(mv_coil_inati(T, &dst, &v, &n), MEDVOL_E_RANGE);
    n.box[1] = 0, n.threshold = NAN;
    CHECK_STATUS(mv_coil_inati(T, &dst, &v, &n), MEDVOL_E_RANGE);
    n.threshold = 0, n.tolerance = NAN;
    CHECK_STATUS(mv_coil_inati(T, &dst, &v, &n), MEDVOL_E_RANGE);
    n.tolerance = -1e-3;
    CHECK_STATUS(mv_coil_inati(T, &dst, &v, &n), MEDVOL_E_RANGE);
    n.tolerance = 0, n.rounds = 1001;
    CHECK_STATUS(mv_coil_inati(T, &dst, &v, &n), MEDVOL_E_RANGE);
    n.rounds = 0, n.image = &dst;
    CHECK_STATUS(mv_coil_inati(T, &dst, &v, &n), MEDVOL_E_ALIAS);
    n.image = &v;
    CHECK_STATUS(mv_coil_inati(T, &dst, &v, &n), MEDVOL_E_ALIAS);
    CHECK_STATUS(mv_coil_inati(T, &dst, &frames, NULL), MEDVOL_E_SHAPE);
    CHECK_STATUS(mv_coil_inati(T, &dst, &real, NULL), MEDVOL_E_DTYPE);
    CHECK_STATUS(mv_coil_inati(T, &dst, &zeros, NULL), MEDVOL_E_EMPTY);
    CHECK_STATUS(mv_coil_inati(T, NULL, &v, NULL), MEDVOL_E_NULL);
    CHECK_STATUS(mv_coil_inati(T, &dst, NULL, NULL), MEDVOL_E_NULL);
    CHECK_STATUS(mv_coil_lowres(T, &dst, &real, NULL), MEDVOL_E_DTYPE);
    CHECK_STATUS(mv_coil_lowres(T, &dst, &zeros, NULL), MEDVOL_E_EMPTY);
    l.calib[0] = 13;
    CHECK_STATUS(mv_coil_lowres(T, &dst, &v, &l), MEDVOL_E_SHAPE);
    l.calib[0] = 10, l.shape[0] = 9;
    CHECK_STATUS(mv_coil_lowres(T, &dst, &v, &l), MEDVOL_E_SHAPE);
    CHECK_STATUS(mv_espirit(T, &dst, &frames, NULL), MEDVOL_E_SHAPE);
    CHECK_STATUS(mv_espirit(T, &dst, &real, NULL), MEDVOL_E_DTYPE);
    CHECK_STATUS(mv_espirit(T, &dst, &zeros, NULL), MEDVOL_E_EMPTY);
    CHECK_STATUS(mv_espirit(T, &dst, NULL, NULL), MEDVOL_E_NULL);
    CHECK_STATUS(mv_espirit(T, NULL, &v, NULL), MEDVOL_E_NULL);
    o.calib[0] = 5;
    CHECK_STATUS(mv_espirit(T, &dst, &v, &o), MEDVOL_E_SHAPE);
    CHECK(strstr(mv_message(T), "smaller than the kernel") != NULL);
    o.calib[0] = 0, o.sets = 3;
    CHECK_STATUS(mv_espirit(T, &dst, &v, &o), MEDVOL_E_RANGE);
    o.sets = 0, o.crop = 1.5;
    CHECK_STATUS(mv_espirit(T, &dst, &v, &o), MEDVOL_E_RANGE);
    o.crop = 0, o.threshold = NAN;
    CHECK_STATUS(mv_espirit(T, &dst, &v, &o), MEDVOL_E_RANGE);
    o.threshold = 0, o.values = &dst;
    CHECK_STATUS(mv_espirit(T, &dst, &v, &o), MEDVOL_E_ALIAS);
    o.values = NULL;
    T->desc.progress = stop_soon, T->desc.progress_user = &left;
    CHECK_STATUS(mv_espirit(T, &dst, &v, &o), MEDVOL_E_CANCELLED);
    left = 1;
    CHECK_STATUS(mv_coil_whiten(T, &dst, &v, NULL), MEDVOL_E_NULL);
    CHECK_STATUS(mv_coil_walsh(T, &dst, &v, NULL), MEDVOL_E_CANCELLED);
    n.tolerance = 1e-20;
    for (left = 1; left < 14; left += 6) { /* in any of its passes */
        mv_volume image = {0};
        int soon = left;
        T->desc.progress_user = &soon;
        n.image = &image;
        CHECK_STATUS(mv_coil_inati(T, &dst, &v, &n), MEDVOL_E_CANCELLED);
        CHECK(dst.data == NULL && image.data == NULL);
    }
    T->desc = was;
    ((float *)v.data)[2 * (60 + 120)] = INFINITY;
    CHECK_STATUS(mv_espirit(T, &dst, &v, &o), MEDVOL_E_RANGE);
    CHECK(strstr(mv_message(T), "coil 1") != NULL && dst.data == NULL);
    mv_volume_free(T, &v), mv_volume_free(T, &frames), mv_volume_free(T, &real), mv_volume_free(T, &zeros);
}

/* ---- what is wrong with dst is told before any work is done, and progress while it is ---- */
static int count_calls(void *user, double done, double total, const char *label) {
    (void)done, (void)total, (void)label;
    ++*(int *)user;
    return 0;
}
static void test_dst_first(void) {
    double m[2 * 3 * 3 * 12] = {0};
    mv_ctx_desc was = T->desc;
    mv_volume v, wrong, values, dst = {0};
    mv_espirit_opt o;
    mv_coil_inati_opt in;
    int calls = 0, i;
    t_seed(21);
    noisy(&v, 12, 10, 1, 3, 1), volume(&wrong, MEDVOL_F32, 12, 10, 1, 3, 1);
    volume(&values, MEDVOL_F32, 12, 9, 1, 1, 1);
    for (i = 0; i < 3; i++) m[8 * i] = 1;
    memset(&o, 0, sizeof o);
    T->desc.progress = count_calls, T->desc.progress_user = &calls;
    CHECK_STATUS(mv_coil_walsh(T, &wrong, &v, NULL), MEDVOL_E_DTYPE);
    CHECK_STATUS(mv_coil_inati(T, &wrong, &v, NULL), MEDVOL_E_DTYPE);
    memset(&in, 0, sizeof in);
    in.image = &values;
    CHECK_STATUS(mv_coil_inati(T, &dst, &v, &in), MEDVOL_E_DTYPE);
    CHECK_STATUS(mv_coil_lowres(T, &wrong, &v, NULL), MEDVOL_E_DTYPE);
    CHECK_STATUS(mv_espirit(T, &wrong, &v, NULL), MEDVOL_E_DTYPE);
    CHECK_STATUS(mv_espirit(T, NULL, &v, NULL), MEDVOL_E_NULL);
    o.values = &values;
    CHECK_STATUS(mv_espirit(T, &dst, &v, &o), MEDVOL_E_SHAPE);
    CHECK_STATUS(mv_coil_compress(T, &wrong, &v, 3, NULL), MEDVOL_E_DTYPE);
    CHECK_STATUS(mv_coil_compress(T, NULL, &v, 2, NULL), MEDVOL_E_NULL);
    CHECK_STATUS(mv_coil_whiten(T, &wrong, &v, m), MEDVOL_E_DTYPE);
    CHECK_STATUS(mv_coil_gcc_apply(T, &wrong, &v, m, 3), MEDVOL_E_DTYPE);
    CHECK(calls == 0 && !dst.data);
    mv_volume_free(T, &v), mv_volume_free(T, &wrong), mv_volume_free(T, &values);
    noisy(&v, 4, 64, 24, 2, 1); /* 96 strips of rows, in rounds of 64 */
    CHECK_OK(mv_coil_walsh(T, &dst, &v, NULL));
    CHECK(calls > 2);
    calls = 0, in.image = NULL, in.rounds = 2, in.tolerance = 1e-20;
    CHECK_OK(mv_coil_inati(T, &dst, &v, &in));
    CHECK(calls >= 2 * (3 + 2 * 2)); /* two for each pass */
    T->desc = was;
    mv_volume_free(T, &v), mv_volume_free(T, &dst);
}

static void test_memory(void) { /* what [API] says is a bound, and no idle one */
    static const size_t dim[2][3] = {{96, 96, 1}, {20, 20, 16}}, calib[2] = {40, 10};
    mv_volume v, dst = {0};
    mv_ctx ctx;
    int k;
    if (T_SMALL) return;
    t_weigh(&ctx, t_threads);
    for (k = 0; k < 2; k++) {
        const double n = k ? 3 * 216 : 8 * 36, blocks = k ? 125 : 1024;
        const double result = 8 * (k ? 3 * 6400 : 8 * 9216);
        double said = result + 56 * n * n + 16 * n * (blocks + 512);
        mv_espirit_opt o;
        double took;
        memset(&o, 0, sizeof o);
        o.calib[0] = o.calib[1] = calib[k], o.calib[2] = k ? calib[k] : 1;
        noisy(&v, dim[k][0], dim[k][1], dim[k][2], k ? 3 : 8, 1);
        t_peak();
        CHECK_OK(mv_espirit(&ctx, &dst, &v, &o));
        took = (double)t_peak();
        CHECK(took > 0.7 * said && took < said);
        mv_volume_free(&ctx, &dst);
        CHECK_OK(mv_coil_lowres(&ctx, &dst, &v, NULL));
        CHECK((double)t_peak() < 2 * result + 262144);
        mv_volume_free(&ctx, &dst);
        CHECK_OK(mv_coil_inati(&ctx, &dst, &v, NULL));
        took = (double)t_peak();
        said = result + 16 * (k ? 6400 : 9216);
        said += 16 * 8 * (k ? 3 : 8) * 6.0 * (double)(dim[k][0] + 32); /* 16 jobs at most */
        if (!CHECK(took < said + 65536 && took > 0.6 * said)) fprintf(stderr, "  %g of %g\n", took, said);
        mv_volume_free(&ctx, &dst), mv_volume_free(T, &v);
    }
    mv_ctx_free(&ctx);
    CHECK(t_weight() == 0);
}

/* ---- BART's answers ---- */
/* |a - b| / |b| of arrays whose common phase may differ */
static double apart(const mv_volume *a, size_t from, const mv_volume *b, size_t to, size_t n) {
    pair s = {0, 0};
    double d = 0, all = 0, r;
    size_t i;
    for (i = 0; i < n; i++) {
        const pair x = at(a, from + i), y = at(b, to + i);
        s.re += x.re * y.re + x.im * y.im, s.im += x.re * y.im - x.im * y.re;
    }
    r = hypot(s.re, s.im);
    if (r > 0) s.re /= r, s.im /= r;
    for (i = 0; i < n; i++) {
        const pair x = at(a, from + i), y = at(b, to + i);
        d += pow(x.re * s.re - x.im * s.im - y.re, 2) + pow(x.re * s.im + x.im * s.re - y.im, 2);
        all += y.re * y.re + y.im * y.im;
    }
    return sqrt(d / all);
}
static void test_bart(void) {
    mv_volume ksp, img, want, got;
    mv_coil_compress_opt o;
    size_t i, n;
    double d = 0, all = 0;
    memset(&o, 0, sizeof o);
    o.calib[0] = o.calib[1] = 24; /* BART's */
    if (!t_shared(&ksp, "bart_ref/ph4_ksp")) {
        t_skip("no ../shared/data/recon");
        return;
    }
    n = ksp.dim[0] * ksp.dim[1];
    memset(&got, 0, sizeof got);
    if (t_shared(&want, "bart_ref/cc2")) {
        CHECK_OK(mv_coil_compress(T, &got, &ksp, 2, &o));
        for (i = 0; i < 2; i++) {
            const double e = apart(&got, i * n, &want, i * n, n);
            if (!CHECK(e < 1e-3)) /* its eigenvectors are floats */
                fprintf(stderr, "  cc %zu: %g\n", i, e);
        }
        mv_volume_free(T, &want), mv_volume_free(T, &got);
    }
    if (t_shared(&img, "bart_ref/ifftu_ksp4") && t_shared(&want, "bart_ref/rss4")) {
        CHECK_OK(mv_coil_rss(T, &got, &img, NULL));
        for (i = 0; i < n; i++) {
            d += pow((double)((float *)got.data)[i] - at(&want, i).re, 2);
            all += pow(at(&want, i).re, 2);
        }
        if (!CHECK(sqrt(d / all) < 1e-6)) fprintf(stderr, "  rss: %g\n", sqrt(d / all));
        mv_volume_free(T, &img), mv_volume_free(T, &want), mv_volume_free(T, &got);
    }
    mv_volume_free(T, &ksp);
}

/* |maps| beside BART's where both have support, and how many voxels only one has, as a part of all */
static double modulus_of(const mv_volume *a, const mv_volume *b, double *only) {
    const size_t n = a->dim[0] * a->dim[1], C = a->dim[3];
    double d = 0, sum = 0;
    size_t i, c, lone = 0;
    for (i = 0; i < n; i++) {
        double p = 0, q = 0;
        for (c = 0; c < C; c++) {
            p += hypot(at(a, i + c * n).re, at(a, i + c * n).im);
            q += hypot(at(b, i + c * n).re, at(b, i + c * n).im);
        }
        lone += (p == 0) != (q == 0);
        for (c = 0; p != 0 && q != 0 && c < C; c++) {
            const pair x = at(a, i + c * n), y = at(b, i + c * n);
            d += pow(hypot(x.re, x.im) - hypot(y.re, y.im), 2), sum += y.re * y.re + y.im * y.im;
        }
    }
    *only = (double)lone / (double)n;
    return sqrt(d / sum);
}
static void images_of(mv_volume *img, const mv_volume *ksp) {
    mv_fft_opt o;
    memset(&o, 0, sizeof o);
    o.axes = 3;
    o.flags = MEDVOL_FFT_CENTERED | MEDVOL_FFT_UNITARY | MEDVOL_FFT_INVERSE;
    memset(img, 0, sizeof *img);
    CHECK_OK(mv_fft(T, img, ksp, &o));
}
static void test_bart_maps(void) {
    static const char *const data[2][2] = {{"bart_ref/ph4_ksp", "bart_ref/ecal4"},
        {"sigpy_brain_8ch_230x180_ksp", "bart_ref/real_ecal"}};
    mv_volume ksp, want, got, img;
    mv_coil_lowres_opt l;
    mv_espirit_opt o;
    double e, only = 0, mine, theirs;
    int k;
    for (k = 0; k < 2; k++) {
        if (!t_shared(&ksp, data[k][0]) || !t_shared(&want, data[k][1])) {
            t_skip("no ../shared/data/recon");
            return;
        }
        memset(&o, 0, sizeof o), memset(&got, 0, sizeof got);
        o.calib[0] = o.calib[1] = k ? 24 : 20;
        o.kernel[0] = o.kernel[1] = k ? 6 : 5;
        CHECK_OK(mv_espirit(T, &got, &ksp, &o));
        images_of(&img, &ksp);
        e = modulus_of(&got, &want, &only);
        mine = left_of(&img, &got), theirs = left_of(&img, &want);
        if (!CHECK(e < (k ? 0.01 : 0.03) && only < 0.01 && mine < theirs + 0.002))
            fprintf(stderr, "  espirit %d: moduli %g, support %g, left %g, by BART %g\n", k, e, only, mine,
                theirs);
        mv_volume_free(T, &ksp), mv_volume_free(T, &want), mv_volume_free(T, &got), mv_volume_free(T, &img);
    }
    memset(&l, 0, sizeof l);
    l.calib[0] = l.calib[1] = 20;
    l.window = 1;
    if (t_shared(&ksp, "bart_ref/ph4_ksp") && t_shared(&want, "bart_ref/caldir4")) { /* where any is */
        size_t i, n = ksp.dim[0] * ksp.dim[1];
        mv_volume r;
        memset(&r, 0, sizeof r);
        CHECK_OK(mv_coil_lowres(T, &got, &ksp, &l));
        images_of(&img, &ksp);
        CHECK_OK(mv_coil_rss(T, &r, &img, NULL));
        for (mine = 0, i = 0; i < n; i++) mine = fmax(mine, (double)((float *)r.data)[i]);
        for (i = 0; n && i < 2 * mv_volume_count(&got); i++)
            if ((double)((float *)r.data)[i / 2 % n] < 0.1 * mine) ((float *)got.data)[i] = 0;
        e = modulus_of(&got, &want, &only);
        if (!CHECK(e < 0.02)) fprintf(stderr, "  lowres: moduli %g\n", e);
        mv_volume_free(T, &ksp), mv_volume_free(T, &want), mv_volume_free(T, &got), mv_volume_free(T, &img);
        mv_volume_free(T, &r);
    }
}

const t_case tests_coils[] = {
    {"rss", test_rss, 0},
    {"combine", test_combine, 0},
    {"views", test_views, 0},
    {"combine_errors", test_combine_errors, 0},
    {"noise", test_noise, 0},
    {"apply", test_apply, 0},
    {"compress", test_compress, 0},
    {"gcc", test_gcc, 0},
    {"bart", test_bart, 0},
    {"walsh", test_walsh, 0},
    {"walsh_vectors", test_walsh_vectors, 0},
    {"inati", test_inati, 0},
    {"inati_rounds", test_inati_rounds, 0},
    {"inati_phantom", test_inati_phantom, 0},
    {"inati_odd", test_inati_odd, 0},
    {"lowres", test_lowres, 0},
    {"espirit", test_espirit, 0},
    {"espirit_sets", test_espirit_sets, 0},
    {"maps_errors", test_maps_errors, 0},
    {"dst_first", test_dst_first, 0},
    {"memory", test_memory, T_ONCE},
    {"bart_maps", test_bart_maps, 0},
    {NULL, NULL, 0},
};
