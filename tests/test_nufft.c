/* test_nufft.c - non-uniform transforms against sums in double, their adjoints, uniform transforms and
   shifts; several coils, maps, weights, series; the same bits on any number of threads; crowded and long
   grids; type 3, gridding, density compensation, Toeplitz embedding; BART's samples; errors. */
#include "test.h"

#define TAU 6.28318530717958647692

static int new_volume(mv_volume *v, mv_dtype type, size_t a, size_t b, size_t c, size_t d, size_t e) {
    size_t dim[5];
    dim[0] = a, dim[1] = b, dim[2] = c, dim[3] = d, dim[4] = e;
    memset(v, 0, sizeof *v);
    return CHECK_OK(mv_volume_alloc(T, v, type, e > 1 ? 5 : d > 1 ? 4 : 3, dim));
}
static float *floats(const mv_volume *v) { return (float *)v->data; }
static double *places(const mv_volume *v) { return (double *)v->data; }
static void noise(const mv_volume *v) {
    const size_t n = mv_volume_count(v) * (v->dtype == MEDVOL_C64 ? 2 : 1);
    size_t i;
    for (i = 0; i < n; i++) floats(v)[i] = (float)t_uniform(-1, 1);
}
static int images(mv_volume *v, const size_t *n, size_t coils, size_t frames) {
    if (!new_volume(v, MEDVOL_C64, n[0], n[1], n[2], coils, frames)) return 0;
    noise(v);
    return 1;
}
static int samples(mv_volume *v, const mv_volume *k, size_t coils, size_t frames) {
    if (!new_volume(v, MEDVOL_C64, 1, k->dim[1], k->dim[2], coils, frames)) return 0;
    noise(v);
    return 1;
}
/* places all over, the first ones in the corners */
static int scattered(mv_volume *k, const size_t *n, size_t m, size_t shots, size_t frames) {
    size_t i, a;
    if (!new_volume(k, MEDVOL_F64, 3, m, shots, 1, frames)) return 0;
    for (i = 0; i < m * shots * frames; i++)
        for (a = 0; a < 3; a++)
            places(k)[3 * i + a] = 0.5 * (double)n[a] * (i < 8 ? (i >> a & 1 ? 1 : -1) : t_uniform(-1, 1));
    return 1;
}
static int spokes(mv_volume *k, size_t n, size_t m, size_t shots, double turn) {
    size_t i, j;
    if (!new_volume(k, MEDVOL_F64, 3, m, shots, 1, 1)) return 0;
    for (j = 0; j < shots; j++)
        for (i = 0; i < m; i++) {
            double *p = places(k) + 3 * (j * m + i);
            const double r = ((double)i + 0.5 - 0.5 * (double)m) * (double)n / (double)m;
            p[0] = r * cos(turn * (double)j), p[1] = r * sin(turn * (double)j), p[2] = 0;
        }
    return 1;
}
static double apart(const float *a, const float *b, size_t n) { /* |a - b| / |b| of n complex numbers */
    double e = 0, m = 0;
    size_t i;
    for (i = 0; i < 2 * n; i++) {
        e += ((double)a[i] - (double)b[i]) * ((double)a[i] - (double)b[i]);
        m += (double)b[i] * (double)b[i];
    }
    return m > 0 ? sqrt(e / m) : e > 0 ? HUGE_VAL : 0;
}
static double between(const mv_volume *a, const mv_volume *b) {
    if (mv_volume_count(a) != mv_volume_count(b) || !a->data || !b->data) return HUGE_VAL;
    return apart(floats(a), floats(b), mv_volume_count(b));
}
static void dot(const mv_volume *a, const mv_volume *b, double *sum) { /* sum conj(a) b, |a| |b| */
    const size_t n = mv_volume_count(a);
    double p = 0, q = 0;
    size_t i;
    sum[0] = sum[1] = 0;
    for (i = 0; i < n; i++) {
        const float *u = floats(a) + 2 * i, *v = floats(b) + 2 * i;
        sum[0] += (double)u[0] * (double)v[0] + (double)u[1] * (double)v[1];
        sum[1] += (double)u[0] * (double)v[1] - (double)u[1] * (double)v[0];
        p += (double)u[0] * (double)u[0] + (double)u[1] * (double)u[1];
        q += (double)v[0] * (double)v[0] + (double)v[1] * (double)v[1];
    }
    sum[2] = sqrt(p * q);
}
static const size_t shapes[][3] = {{24, 20, 1}, {17, 13, 1}, {61, 1, 1}, {9, 7, 11}, {3, 2, 1},
                                   {1, 1, 1},   {1, 24, 1},  {5, 1, 6},  {6, 8, 4}};
enum { SHAPES = sizeof shapes / sizeof *shapes };

/* the sums of [API], word for word */
static void test_definition(void) {
    size_t t;
    for (t = 0; t < SHAPES; t++) {
        const size_t *n = shapes[t], all = n[0] * n[1] * n[2], m = 11;
        mv_volume k, x, y = {0}, z, back = {0}, w;
        double wrong = 0, *sums = (double *)calloc(2 * all, sizeof *sums);
        size_t j, r, a;
        t_seed(t);
        if (!CHECK(sums) || !scattered(&k, n, m, 1, 1) || !images(&x, n, 1, 1) || !samples(&z, &k, 1, 1) ||
            !new_volume(&w, MEDVOL_F32, 1, m, 1, 1, 1))
            return;
        noise(&w);
        CHECK_OK(mv_nudft_forward(T, &y, &x, &k));
        CHECK_OK(mv_nudft_adjoint(T, &back, &z, &k, &w, n));
        CHECK(y.dim[0] == 1 && y.dim[1] == m && back.dim[0] == n[0] && back.dim[2] == n[2]);
        for (j = 0; j < m; j++) {
            double re = 0, im = 0;
            for (r = 0; r < all; r++) {
                size_t rest = r;
                double turn = 0, c, s;
                for (a = 0; a < 3; a++) {
                    turn -= places(&k)[3 * j + a] * ((double)(rest % n[a]) - floor((double)n[a] / 2)) /
                            (double)n[a];
                    rest /= n[a];
                }
                c = cos(TAU * turn) / sqrt((double)all), s = sin(TAU * turn) / sqrt((double)all);
                re += (double)floats(&x)[2 * r] * c - (double)floats(&x)[2 * r + 1] * s;
                im += (double)floats(&x)[2 * r] * s + (double)floats(&x)[2 * r + 1] * c;
                {
                    const double v = (double)floats(&w)[j], p = v * (double)floats(&z)[2 * j],
                                 q = v * (double)floats(&z)[2 * j + 1];
                    sums[2 * r] += p * c + q * s, sums[2 * r + 1] += q * c - p * s;
                }
            }
            wrong = fmax(wrong, hypot((double)floats(&y)[2 * j] - re, (double)floats(&y)[2 * j + 1] - im));
        }
        for (r = 0; r < 2 * all; r++) wrong = fmax(wrong, fabs((double)floats(&back)[r] - sums[r]));
        CHECK_NEAR(wrong, 0, 1e-6);
        free(sums);
        mv_volume_free(T, &k), mv_volume_free(T, &x), mv_volume_free(T, &y), mv_volume_free(T, &z);
        mv_volume_free(T, &back), mv_volume_free(T, &w);
    }
}
/* The error is what was asked for, and each direction the other's adjoint. */
static void test_tolerance(void) {
    static const double tolerance[5] = {1e-2, 1e-3, 1e-4, 1e-5, 1e-6};
    size_t t, i;
    for (t = 0; t < SHAPES; t++) {
        const size_t *n = shapes[t], coils = t % 3 ? 1 + t % 4 : 9, all = n[0] * n[1] * n[2];
        mv_volume k, x, y, ex = {0}, ey = {0};
        t_seed(20 + t);
        if (!scattered(&k, n, 67, 3, 1) || !images(&x, n, coils, 1) || !samples(&y, &k, coils, 1)) return;
        CHECK_OK(mv_nudft_forward(T, &ey, &x, &k));
        CHECK_OK(mv_nudft_adjoint(T, &ex, &y, &k, NULL, n));
        for (i = 0; i < 5; i++) {
            mv_nufft plan;
            mv_nufft_opt o;
            mv_volume fy = {0}, fx = {0};
            double there[3], back[3];
            memset(&o, 0, sizeof o);
            o.tolerance = tolerance[i];
            if (i == 2) o.oversampling = 2;
            if (!CHECK_OK(mv_nufft_init(T, &plan, n, &k, &o))) return;
            CHECK(plan.dim[0] == n[0] && plan.samples == 67 && plan.shots == 3 && plan.frames == 1);
            CHECK(plan.tolerance == tolerance[i] && plan.oversampling >= 1.2 && plan.width >= 2);
            CHECK_OK(mv_nufft_forward(T, &plan, &fy, &x));
            CHECK_OK(mv_nufft_adjoint(T, &plan, &fx, &y, NULL));
            CHECK_NEAR(between(&fy, &ey) / tolerance[i], 0, all > 200 ? 1 : all > 6 ? 1.2 : 2);
            CHECK_NEAR(between(&fx, &ex) / tolerance[i], 0,
                       all > 200 ? 1
                       : all > 6 ? 1.2
                                 : 2); /* of few voxels: all are the rim */
            dot(&fy, &y, there), dot(&x, &fx, back);
            CHECK_NEAR(hypot(there[0] - back[0], there[1] - back[1]) / there[2], 0, 1e-6);
            mv_nufft_free(T, &plan);
            CHECK(plan.tables == NULL);
            mv_volume_free(T, &fy), mv_volume_free(T, &fx);
        }
        mv_volume_free(T, &k), mv_volume_free(T, &x), mv_volume_free(T, &y);
        mv_volume_free(T, &ex), mv_volume_free(T, &ey);
    }
}
/* On the points of the grid they are the centred unitary transforms; a shifted image has turned samples. */
static void test_uniform(void) {
    static const size_t some[3][3] = {{20, 15, 1}, {31, 1, 1}, {6, 7, 8}};
    size_t t, i, a;
    for (t = 0; t < 3; t++) {
        const size_t *n = some[t], all = n[0] * n[1] * n[2];
        mv_volume k, x, y = {0}, f = {0}, moved;
        mv_nufft plan;
        mv_nufft_opt o;
        mv_fft_opt q;
        memset(&o, 0, sizeof o), memset(&q, 0, sizeof q);
        o.tolerance = 1e-6, q.flags = MEDVOL_FFT_CENTERED | MEDVOL_FFT_UNITARY;
        t_seed(40 + t);
        if (!images(&x, n, 1, 1) || !new_volume(&k, MEDVOL_F64, 3, all, 1, 1, 1) || !images(&moved, n, 1, 1))
            return;
        for (i = 0; i < all; i++) {
            size_t rest = i;
            for (a = 0; a < 3; a++) {
                places(&k)[3 * i + a] = (double)(rest % n[a]) - (double)(n[a] / 2);
                rest /= n[a];
            }
        }
        if (!CHECK_OK(mv_nufft_init(T, &plan, n, &k, &o))) return;
        CHECK_OK(mv_nufft_forward(T, &plan, &y, &x));
        CHECK_OK(mv_fft(T, &f, &x, &q));
        CHECK_NEAR(apart(floats(&y), floats(&f), all), 0, 1.2e-6);
        for (i = 0; i < all; i++) /* by one voxel, coming round */
            memcpy(floats(&moved) + 2 * (i % n[0] ? i - 1 : i + n[0] - 1), floats(&x) + 2 * i, 8);
        mv_volume_free(T, &f);
        CHECK_OK(mv_nufft_forward(T, &plan, &f, &moved));
        for (i = 0; i < all; i++) {
            const double turn = TAU * places(&k)[3 * i] / (double)n[0], re = (double)floats(&y)[2 * i],
                         im = (double)floats(&y)[2 * i + 1];
            floats(&y)[2 * i] = (float)(re * cos(turn) - im * sin(turn));
            floats(&y)[2 * i + 1] = (float)(re * sin(turn) + im * cos(turn));
        }
        CHECK_NEAR(apart(floats(&f), floats(&y), all), 0, 2e-6);
        mv_nufft_free(T, &plan);
        mv_volume_free(T, &k), mv_volume_free(T, &x), mv_volume_free(T, &y), mv_volume_free(T, &f);
        mv_volume_free(T, &moved);
    }
}
/* Arrays: maps, weights, sums; every number of coils. */
static void test_arrays(void) {
    static const size_t n[3] = {14, 11, 1};
    const size_t all = 14 * 11, m = 40 * 3;
    size_t coils, c, i, f;
    mv_volume k, x, maps, w, y, alone, lone, sum, spread;
    mv_nufft plan;
    t_seed(60);
    if (!scattered(&k, n, 40, 3, 2) || !images(&x, n, 1, 1) || !images(&maps, n, 11, 1) ||
        !samples(&y, &k, 11, 1) || !samples(&alone, &k, 11, 1) || !samples(&lone, &k, 11, 1) ||
        !images(&sum, n, 1, 1) || !images(&spread, n, 11, 1) || !new_volume(&w, MEDVOL_F32, 1, 40, 3, 1, 1))
        return;
    noise(&w);
    if (!CHECK_OK(mv_nufft_init(T, &plan, n, &k, NULL))) return;
    for (c = 0; c < 11; c++)
        for (i = 0; i < all; i++) {
            const float *p = floats(&x) + 2 * i, *s = floats(&maps) + 2 * (c * all + i);
            floats(&spread)[2 * (c * all + i)] = p[0] * s[0] - p[1] * s[1];
            floats(&spread)[2 * (c * all + i) + 1] = p[0] * s[1] + p[1] * s[0];
        }
    for (f = 0; f < 2; f++)
        for (coils = 1; coils <= 11; coils++) {
            CHECK_OK(mv_nufft_forward_c64(T, &plan, f, floats(&y), floats(&x), floats(&maps), coils,
                                          floats(&w), 0));
            for (c = 0; c < coils; c++) /* each on its own, without maps */
                CHECK_OK(mv_nufft_forward_c64(T, &plan, f, floats(&alone) + 2 * c * m,
                                              floats(&spread) + 2 * c * all, NULL, 1, floats(&w), 0));
            CHECK_NEAR(apart(floats(&y), floats(&alone), coils * m), 0, 1e-6);
            CHECK_OK(mv_nufft_forward_c64(T, &plan, f, floats(&lone), floats(&spread), NULL, coils, NULL, 0));
            for (i = 0; i < coils * m; i++) {
                floats(&lone)[2 * i] *= floats(&w)[i % m], floats(&lone)[2 * i + 1] *= floats(&w)[i % m];
            }
            CHECK_NEAR(apart(floats(&lone), floats(&alone), coils * m), 0, 1e-6);
            CHECK_OK(mv_nufft_forward_c64(T, &plan, f, floats(&lone), floats(&spread), NULL, coils,
                                          floats(&w), 1));
            CHECK_NEAR(apart(floats(&lone), floats(&alone), coils * m), 1, 1e-5); /* twice as much */
            CHECK_OK(
                mv_nufft_adjoint_c64(T, &plan, f, floats(&sum), floats(&y), floats(&maps), coils, NULL, 0));
            {
                double a[2] = {0, 0}, b = 0, size = 0; /* <y, A x> = <A^H y, x>, weights on one side alone */
                for (i = 0; i < 2 * coils * m; i++) a[0] += (double)floats(&y)[i] * (double)floats(&y)[i];
                for (i = 0; i < coils * m; i++) {
                    const double v = (double)floats(&w)[i % m];
                    a[1] += v != 0 ? ((double)floats(&y)[2 * i] * (double)floats(&y)[2 * i] +
                                      (double)floats(&y)[2 * i + 1] * (double)floats(&y)[2 * i + 1]) / v : 0;
                    size += fabs(a[1]);
                }
                for (i = 0; i < 2 * all; i++) b += (double)floats(&sum)[i] * (double)floats(&x)[i];
                CHECK_NEAR((a[1] - b) / (1 + fabs(b)), 0, 2e-4);
            }
            CHECK_OK(
                mv_nufft_adjoint_c64(T, &plan, f, floats(&spread), floats(&y), NULL, coils, floats(&w), 0));
            memset(sum.data, 0, 8 * all);
            for (c = 0; c < coils; c++)
                CHECK_OK(mv_nufft_adjoint_c64(T, &plan, f, floats(&sum), floats(&y) + 2 * c * m, NULL, 1,
                                              floats(&w), 1));
            { /* sum of the coils */
                double e = 0, s = 0;
                for (i = 0; i < 2 * all; i++) {
                    double v = 0;
                    for (c = 0; c < coils; c++) v += (double)floats(&spread)[2 * c * all + i];
                    e += (v - (double)floats(&sum)[i]) * (v - (double)floats(&sum)[i]), s += v * v;
                }
                CHECK_NEAR(sqrt(e / s), 0, 1e-6);
            }
            for (c = 0; c < coils; c++)
                for (i = 0; i < all; i++) {
                    const float *p = floats(&x) + 2 * i, *s = floats(&maps) + 2 * (c * all + i);
                    floats(&spread)[2 * (c * all + i)] = p[0] * s[0] - p[1] * s[1];
                    floats(&spread)[2 * (c * all + i) + 1] = p[0] * s[1] + p[1] * s[0];
                }
        }
    mv_nufft_free(T, &plan);
    mv_volume_free(T, &k), mv_volume_free(T, &x), mv_volume_free(T, &maps), mv_volume_free(T, &w);
    mv_volume_free(T, &y), mv_volume_free(T, &alone), mv_volume_free(T, &lone), mv_volume_free(T, &sum);
    mv_volume_free(T, &spread);
}
/* Series; places and weights shared or of each frame, in other types; views, gaps; bits. */
static void test_series(void) {
    static const size_t n[3] = {12, 10, 3};
    const size_t all = 360;
    mv_volume k, k1, kc, kf, x, y = {0}, z = {0}, w, w1, one, part, wide = {0}, back = {0}, again = {0};
    mv_nufft plan, shared, same;
    mv_nufft_opt o;
    size_t f, i, start[5] = {0}, isize[5] = {12, 10, 3, 2, 1};
    memset(&o, 0, sizeof o);
    t_seed(80);
    if (!scattered(&k, n, 30, 4, 3) || !images(&x, n, 2, 3) || !new_volume(&w, MEDVOL_F32, 1, 30, 4, 1, 3))
        return;
    noise(&w);
    o.weights = 1;
    if (!CHECK_OK(mv_nufft_init(T, &plan, n, &k, NULL)) || !CHECK_OK(mv_nufft_init(T, &same, n, &k, &o)))
        return;
    CHECK(plan.frames == 3);
    CHECK_OK(mv_nufft_forward(T, &plan, &y, &x));
    CHECK(y.ndim == 5 && y.dim[0] == 1 && y.dim[1] == 30 && y.dim[2] == 4 && y.dim[3] == 2 && y.dim[4] == 3);
    CHECK_OK(mv_nufft_adjoint(T, &plan, &z, &y, &w));
    CHECK(z.ndim == 5 && z.dim[0] == 12 && z.dim[2] == 3 && z.dim[3] == 2 && z.dim[4] == 3);
    CHECK_OK(mv_nufft_forward(T, &same, &again, &x)); /* weights stored: the same bits */
    CHECK(memcmp(again.data, y.data, 8 * mv_volume_count(&y)) == 0);
    CHECK_OK(mv_nufft_adjoint(T_NONE, &plan, &back, &y, &w)); /* as without threads */
    CHECK(memcmp(back.data, z.data, 8 * mv_volume_count(&z)) == 0);
    for (f = 0; f < 3; f++) { /* frame by frame: of views, with a trajectory of one frame */
        const size_t ks[5] = {3, 30, 4, 1, 1}, ws[5] = {1, 30, 4, 1, 1};
        mv_volume a = {0}, b = {0};
        start[4] = f;
        CHECK_OK(mv_volume_view(T, &k1, &k, start, ks));
        CHECK_OK(mv_volume_view(T, &w1, &w, start, ws));
        CHECK_OK(mv_nufft_init(T, &shared, n, &k1, NULL));
        CHECK_OK(mv_volume_view(T, &one, &x, start, isize));
        CHECK_OK(mv_nufft_forward(T, &shared, &a, &one));
        CHECK(memcmp(a.data, floats(&y) + 2 * f * 240, 8 * 240) == 0);
        CHECK_OK(mv_nufft_adjoint(T, &shared, &b, &a, &w1));
        CHECK(memcmp(b.data, floats(&z) + 4 * f * all, 16 * all) == 0);
        mv_volume_free(T, &a), mv_volume_free(T, &b);
        if (f == 0) { /* the one trajectory for all frames; dst with gaps, src in doubles */
            const size_t big[5] = {2, 30, 4, 2, 3}, at[5] = {1, 0, 0, 0, 0}, full[5] = {1, 30, 4, 2, 3};
            mv_volume room;
            memset(&room, 0, sizeof room);
            CHECK_OK(mv_volume_alloc(T, &room, MEDVOL_C64, 5, big));
            memset(room.data, 0, 8 * mv_volume_count(&room));
            CHECK_OK(mv_volume_view(T, &part, &room, at, full));
            CHECK_OK(mv_convert(T, &wide, &x, MEDVOL_C128, NULL));
            CHECK_OK(mv_nufft_forward(T, &shared, &part, &wide));
            for (i = 0; i < 240; i++) CHECK(memcmp(floats(&part) + 4 * i, floats(&y) + 2 * i, 8) == 0);
            CHECK(floats(&room)[0] == 0 && floats(&room)[4] == 0);
            mv_volume_free(T, &room);
            CHECK_OK(mv_nufft_adjoint(T, &shared, &b, &y, &w1));
            CHECK(b.dim[4] == 3 && memcmp(b.data, z.data, 16 * all) == 0);
            mv_volume_free(T, &b);
        }
        mv_nufft_free(T, &shared);
    }
    /* BART's complex trajectory, and one of floats */
    CHECK_OK(mv_convert(T, memset(&kf, 0, sizeof kf), &k, MEDVOL_F32, NULL));
    if (!new_volume(&kc, MEDVOL_C64, 3, 30, 4, 1, 3)) return;
    for (i = 0; i < mv_volume_count(&k); i++)
        floats(&kc)[2 * i] = floats(&kf)[i], floats(&kc)[2 * i + 1] = 7;
    CHECK_OK(mv_nufft_init(T, &shared, n, &kc, NULL));
    CHECK_OK(mv_nufft_forward(T, &shared, &again, &x));
    mv_nufft_free(T, &shared);
    CHECK_NEAR(between(&again, &y), 0, 1e-5);
    CHECK_OK(mv_nufft_init(T, &shared, n, &kf, NULL));
    mv_volume_free(T, &wide);
    CHECK_OK(mv_nufft_forward(T, &shared, &wide, &x));
    CHECK(memcmp(again.data, wide.data, 8 * mv_volume_count(&y)) == 0);
    mv_nufft_free(T, &shared);
    CHECK_OK(mv_nufft_adjoint(T, &plan, &y, &y, &w)); /* dst == src: its memory is replaced */
    CHECK(memcmp(y.data, z.data, 8 * mv_volume_count(&z)) == 0);
    mv_nufft_free(T, &plan), mv_nufft_free(T, &same);
    mv_volume_free(T, &k), mv_volume_free(T, &kc), mv_volume_free(T, &kf), mv_volume_free(T, &x);
    mv_volume_free(T, &y), mv_volume_free(T, &z), mv_volume_free(T, &w), mv_volume_free(T, &wide);
    mv_volume_free(T_NONE, &back), mv_volume_free(T, &again);
}
/* Many samples in one place: sums keep their digits. Kernels wider than the grid: see shapes. */
static void test_crowded(void) {
    static const size_t n[3] = {40, 36, 1};
    const size_t m = 30000;
    mv_volume k, y, x = {0}, w = {0};
    mv_nufft plan;
    mv_nufft_opt o;
    size_t i;
    memset(&o, 0, sizeof o);
    o.tolerance = 1e-6;
    if (!new_volume(&k, MEDVOL_F64, 3, m, 1, 1, 1) || !new_volume(&y, MEDVOL_C64, 1, m, 1, 1, 1)) return;
    for (i = 0; i < m; i++) {
        places(&k)[3 * i] = 0.3, places(&k)[3 * i + 1] = -0.21, places(&k)[3 * i + 2] = 0;
        floats(&y)[2 * i] = 1, floats(&y)[2 * i + 1] = 0.5f;
    }
    if (!CHECK_OK(mv_nufft_init(T, &plan, n, &k, &o))) return;
    CHECK_OK(mv_nufft_adjoint(T, &plan, &x, &y, NULL));
    for (i = 0; i < 40 * 36; i += 7) { /* in the corners a single place is off by up to 4 times as much */
        const double turn = TAU * (0.3 * ((double)(i % 40) - 20) / 40 - 0.21 * ((double)(i / 40) - 18) / 36);
        const double s = (double)m / sqrt(1440.0);
        const int rim = i % 40 < 8 || i % 40 > 31 || i < 320 || i >= 1120;
        CHECK_NEAR(((double)floats(&x)[2 * i] - s * (cos(turn) - 0.5 * sin(turn))) / s, 0,
                   rim ? 6e-6 : 1.5e-6);
    }
    CHECK_OK(mv_dcf_pipe(T, &w, &k, n, NULL)); /* which share what one of them would have */
    CHECK(w.dtype == MEDVOL_F32 && floats(&w)[0] > 0 && floats(&w)[0] == floats(&w)[m - 1]);
    mv_nufft_free(T, &plan);
    mv_volume_free(T, &k), mv_volume_free(T, &y), mv_volume_free(T, &x), mv_volume_free(T, &w);
}
static void test_long(void) { /* 4096 along an axis */
    static const size_t some[2][3] = {{4096, 1, 1}, {4096, 6, 1}};
    static const double tolerance[2] = {1e-6, 1e-5};
    size_t t, i;
    if (T_SMALL) return;
    for (t = 0; t < 4; t++) {
        mv_volume k, x, y, ex = {0}, ey = {0}, fx = {0}, fy = {0};
        mv_nufft plan;
        mv_nufft_opt o;
        double worst = 0, most = 0;
        memset(&o, 0, sizeof o);
        o.tolerance = tolerance[t / 2];
        t_seed(90 + t);
        if (!scattered(&k, some[t % 2], 90, 1, 1) || !images(&x, some[t % 2], 1, 1) || !samples(&y, &k, 1, 1))
            return;
        CHECK_OK(mv_nudft_forward(T, &ey, &x, &k));
        CHECK_OK(mv_nudft_adjoint(T, &ex, &y, &k, NULL, some[t % 2]));
        CHECK_OK(mv_nufft_init(T, &plan, some[t % 2], &k, &o));
        CHECK_OK(mv_nufft_forward(T, &plan, &fy, &x));
        CHECK_OK(mv_nufft_adjoint(T, &plan, &fx, &y, NULL));
        CHECK(between(&fy, &ey) <= o.tolerance);
        CHECK(between(&fx, &ex) <= o.tolerance);
        for (i = 0; i < 180; i++) { /* of the largest sample */
            worst = fmax(worst, fabs((double)floats(&fy)[i] - (double)floats(&ey)[i]));
            most = fmax(most, fabs((double)floats(&ey)[i]));
        }
        CHECK(worst <= o.tolerance * most);
        mv_nufft_free(T, &plan);
        mv_volume_free(T, &k), mv_volume_free(T, &x), mv_volume_free(T, &y), mv_volume_free(T, &ex);
        mv_volume_free(T, &ey), mv_volume_free(T, &fx), mv_volume_free(T, &fy);
    }
}

/* ---- type 3 ---- */
static void test_third(void) {
    static const struct {
        double p, at, k, middle;
    } some[8] = {{4, 0, 2, 0},   {4, 1e5, 2, 3e3}, {0.5, -2, 3, 1},   {0, 3, 2, 0},
                 {4, 1, 0, 0.5}, {1e-3, 0, 2, 0},  {3, 1e6, 3, -1e4}, {5e4, 5e4, 5e-4, 9e8}};
    enum { P = 60, K = 47 };
    int axes, a;
    size_t t, i, j, v;
    for (axes = 1; axes <= 3; axes++)
        for (t = 0; t < (axes == 3 ? 7u : 8u); t++) { /* in space 100 squared would be large */
            const double tolerance = t % 2 ? 1e-5 : 1e-3;
            double p[3 * P], k[3 * K], s[3] = {0}, b[3] = {0};
            float x[4 * P], y[4 * K], want[4 * K], back[4 * P];
            mv_nufft3 plan;
            mv_nufft_opt o;
            memset(&o, 0, sizeof o);
            o.tolerance = tolerance;
            t_seed(120 + t);
            for (i = 0; i < (size_t)axes * P; i++) p[i] = some[t].at + some[t].p * t_uniform(-1, 1);
            for (i = 0; i < (size_t)axes * K; i++) k[i] = some[t].middle + some[t].k * t_uniform(-1, 1);
            for (i = 0; i < 4 * P; i++) x[i] = (float)t_uniform(-1, 1);
            for (v = 0; v < 2; v++)
                for (j = 0; j < K; j++) {
                    double re = 0, im = 0;
                    for (i = 0; i < P; i++) {
                        double turn = 0, c, q;
                        for (a = 0; a < axes; a++) { /* whole turns off both factors' product, exactly */
                            const double e = p[i * (size_t)axes + (size_t)a],
                                         f = k[j * (size_t)axes + (size_t)a];
                            const double whole = floor(e), rest = e - whole, low = f - floor(f);
                            double turns = whole * low;
                            turns -= floor(turns);
                            turn += turns + rest * f;
                        }
                        c = cos(TAU * turn), q = -sin(TAU * turn);
                        re += (double)x[2 * (i + v * P)] * c - (double)x[2 * (i + v * P) + 1] * q;
                        im += (double)x[2 * (i + v * P)] * q + (double)x[2 * (i + v * P) + 1] * c;
                    }
                    want[2 * (j + v * K)] = (float)re, want[2 * (j + v * K) + 1] = (float)im;
                }
            if (!CHECK_OK(mv_nufft3_init(T, &plan, axes, P, p, K, k, &o))) return;
            CHECK(plan.ndim == axes && plan.points == P && plan.freqs == K && plan.tolerance == tolerance);
            CHECK_OK(mv_nufft3_execute(T, &plan, y, x, 2));
            CHECK(apart(y, want, 2 * K) <= tolerance);
            CHECK_OK(mv_nufft3_adjoint(T, &plan, back, want, 2));
            for (i = 0; i < 4 * K; i++)
                s[0] += (double)y[i] * (double)want[i], s[1] += (double)want[i] * (double)want[i];
            for (i = 0; i < 4 * P; i++) b[0] += (double)x[i] * (double)back[i];
            CHECK_NEAR((s[0] - b[0]) / s[1], 0, 2e-6);
            CHECK_STATUS(mv_nufft3_execute(T, &plan, x, x, 1), MEDVOL_E_ALIAS);
            CHECK_STATUS(mv_nufft3_execute(T, &plan, y, x, 0), MEDVOL_E_SIZE);
            mv_nufft3_free(T, &plan);
        }
}
static void test_complex_places(void) { /* the real parts, whatever the axes are */
    static const size_t n[3] = {12, 10, 1}, dim[7] = {3, 9, 2, 1, 1, 4, 3};
    mv_volume k, c, x, y = {0}, want = {0};
    size_t i;
    t_seed(125);
    if (!scattered(&k, n, 9, 2, 12) || !images(&x, n, 1, 12)) return;
    memset(&c, 0, sizeof c);
    if (!CHECK_OK(mv_volume_alloc(T, &c, MEDVOL_C64, 7, dim))) return;
    for (i = 0; i < mv_volume_count(&k); i++) {
        floats(&c)[2 * i] = (float)places(&k)[i], floats(&c)[2 * i + 1] = 1e9f;
        places(&k)[i] = (double)floats(&c)[2 * i];
    }
    CHECK_OK(mv_nudft_forward(T, &want, &x, &k));
    CHECK_OK(mv_nudft_forward(T, &y, &x, &c));
    CHECK(y.dim[4] == 12 && memcmp(y.data, want.data, 8 * mv_volume_count(&want)) == 0);
    mv_volume_free(T, &k), mv_volume_free(T, &c), mv_volume_free(T, &x), mv_volume_free(T, &y),
        mv_volume_free(T, &want);
}
static void test_third_errors(void) {
    double p[4] = {0, 1, 2, 3}, k[4] = {0, 1, 2, 3};
    float x[8] = {0}, y[8];
    mv_nufft3 plan;
    mv_nufft_opt o;
    memset(&o, 0, sizeof o);
    CHECK_STATUS(mv_nufft3_init(T, NULL, 1, 4, p, 4, k, NULL), MEDVOL_E_NULL);
    CHECK_STATUS(mv_nufft3_init(T, &plan, 1, 4, NULL, 4, k, NULL), MEDVOL_E_NULL);
    CHECK_STATUS(mv_nufft3_init(T, &plan, 1, 4, p, 4, NULL, NULL), MEDVOL_E_NULL);
    CHECK_STATUS(mv_nufft3_init(T, &plan, 4, 1, p, 1, k, NULL), MEDVOL_E_RANGE);
    CHECK(strcmp(T->error.field, "ndim") == 0);
    CHECK_STATUS(mv_nufft3_init(T, &plan, 1, 0, p, 4, k, NULL), MEDVOL_E_SIZE);
    CHECK_STATUS(mv_nufft3_init(T, &plan, 1, 4, p, 0, k, NULL), MEDVOL_E_SIZE);
    p[2] = NAN;
    CHECK_STATUS(mv_nufft3_init(T, &plan, 1, 4, p, 4, k, NULL), MEDVOL_E_RANGE);
    CHECK(strcmp(T->error.field, "p") == 0 && strstr(mv_message(T), "p[2]"));
    p[2] = 2, k[3] = 2e9;
    CHECK_STATUS(mv_nufft3_init(T, &plan, 1, 4, p, 4, k, NULL), MEDVOL_E_RANGE);
    CHECK(strcmp(T->error.field, "k") == 0);
    k[3] = 1e9; /* some 1e10 cells */
    CHECK_STATUS(mv_nufft3_init(T, &plan, 1, 4, p, 4, k, NULL), MEDVOL_E_SIZE);
    o.tolerance = 1e-9, k[3] = 3;
    CHECK_STATUS(mv_nufft3_init(T, &plan, 1, 4, p, 4, k, &o), MEDVOL_E_RANGE);
    CHECK(plan.tables == NULL && plan.ndim == 0);
    CHECK_STATUS(mv_nufft3_execute(T, &plan, y, x, 1), MEDVOL_E_NULL);
    CHECK_STATUS(mv_nufft3_adjoint(T, NULL, y, x, 1), MEDVOL_E_NULL);
    mv_nufft3_free(T, &plan), mv_nufft3_free(T, NULL);
}

/* ---- gridding ---- */
static void test_grid(void) {
    static const size_t some[3][3] = {{9, 8, 5}, {7, 1, 1}, {6, 5, 1}};
    size_t t, i, j, a;
    int method;
    for (t = 0; t < 3; t++)
        for (method = 0; method < 2; method++) {
            const size_t *n = some[t], all = n[0] * n[1] * n[2], m = 50;
            mv_volume k, x, y, w, gx = {0}, gy = {0};
            mv_grid_opt o;
            double there[3], back[3], wrong = 0;
            memset(&o, 0, sizeof o);
            o.method = method;
            t_seed(140 + t);
            if (!scattered(&k, n, m, 1, 1) || !images(&x, n, 2, 1) || !samples(&y, &k, 2, 1) ||
                !new_volume(&w, MEDVOL_F32, 1, m, 1, 1, 1))
                return;
            for (i = 0; i < m; i++) floats(&w)[i] = 2;
            CHECK_OK(mv_grid_forward(T, &gy, &x, &k, &o));
            CHECK_OK(mv_grid_adjoint(T, &gx, &y, &k, NULL, n, &o));
            dot(&gy, &y, there), dot(&x, &gx, back);
            CHECK_NEAR(hypot(there[0] - back[0], there[1] - back[1]) / there[2], 0, 1e-6);
            for (j = 0; j < m; j++) { /* every voxel by how near it is */
                double re = 0;
                for (i = 0; i < all; i++) {
                    size_t rest = i;
                    double v = 1;
                    for (a = 0; a < 3; a++) {
                        const double u = places(&k)[3 * j + a] + (double)(n[a] / 2),
                                     at = (double)(rest % n[a]);
                        double d = n[a] == 1 ? 0 : u - at;
                        d -= (double)n[a] * floor(d / (double)n[a] + 0.5);
                        v *= method ? (d >= -0.5 && d < 0.5 ? 1 : 0) : fmax(0, 1 - fabs(d));
                        rest /= n[a];
                    }
                    re += v * (double)floats(&x)[2 * i];
                }
                wrong = fmax(wrong, fabs(re - (double)floats(&gy)[2 * j]));
            }
            CHECK_NEAR(wrong, 0, 1e-6);
            mv_volume_free(T, &gy);
            CHECK_OK(mv_grid_adjoint(T, &gy, &y, &k, &w, n, &o));
            for (i = 0; i < 4 * all; i++)
                wrong = fmax(wrong, fabs((double)floats(&gy)[i] - 2 * (double)floats(&gx)[i]));
            CHECK_NEAR(wrong, 0, 4e-6);
            mv_volume_free(T, &k), mv_volume_free(T, &x), mv_volume_free(T, &y), mv_volume_free(T, &w);
            mv_volume_free(T, &gx), mv_volume_free(T, &gy);
        }
}

/* ---- density compensation: of spokes the ramp, as far as they are dense; of a grid 1 ---- */
static void test_pipe(void) {
    static const size_t n[3] = {32, 32, 1}, line[3] = {40, 1, 1}, box[3] = {6, 5, 7};
    const size_t m = 64, shots = 64;
    mv_volume k, w = {0}, fw = {0};
    mv_dcf_pipe_opt o;
    size_t i, j;
    memset(&o, 0, sizeof o);
    if (!spokes(&k, 32, m, shots, TAU / 2 / (double)shots)) return;
    CHECK_OK(mv_dcf_pipe(T, &w, &k, n, NULL));
    CHECK(w.dtype == MEDVOL_F32 && w.dim[0] == 1 && w.dim[1] == m && w.dim[2] == shots);
    for (i = m / 2 + 4; i < m - 10; i++) {
        double sum = 0;
        const double r = ((double)i + 0.5 - 32) / 2;
        for (j = 0; j < shots; j++) sum += (double)floats(&w)[j * m + i] / (double)shots;
        CHECK_NEAR(sum / (TAU / 2 * r * 0.5 / (double)shots), 1, 0.03);
    }
    o.iterations = 3;
    CHECK_OK(mv_dcf_pipe(T, &fw, &k, n, &o));
    CHECK(memcmp(fw.data, w.data, 4 * m * shots) != 0);
    mv_volume_free(T, &fw);
    CHECK_OK(mv_dcf_pipe(T_NONE, &fw, &k, n, NULL)); /* as without threads */
    CHECK(memcmp(fw.data, w.data, 4 * m * shots) == 0);
    o.iterations = -1;
    CHECK_STATUS(mv_dcf_pipe(T, &w, &k, n, &o), MEDVOL_E_RANGE);
    CHECK_STATUS(mv_dcf_pipe(T, &w, &k, NULL, NULL), MEDVOL_E_NULL);
    mv_volume_free(T, &k), mv_volume_free(T, &w), mv_volume_free(T_NONE, &fw);
    if (!new_volume(&k, MEDVOL_F64, 3, 80, 1, 1, 1)) return; /* a line, twice as dense */
    for (i = 0; i < 80; i++)
        places(&k)[3 * i] = (double)i / 2 - 20, places(&k)[3 * i + 1] = places(&k)[3 * i + 2] = 0;
    CHECK_OK(mv_dcf_pipe(T, &w, &k, line, NULL));
    for (i = 20; i < 60; i++) CHECK_NEAR((double)floats(&w)[i], 0.5, 0.02);
    mv_volume_free(T, &k), mv_volume_free(T, &w);
    if (!new_volume(&k, MEDVOL_F64, 3, 210, 1, 1, 1)) return;
    for (i = 0; i < 210; i++) {
        places(&k)[3 * i] = (double)(i % 6) - 3, places(&k)[3 * i + 1] = (double)(i / 6 % 5) - 2;
        places(&k)[3 * i + 2] = (double)(i / 30) - 3;
    }
    CHECK_OK(mv_dcf_pipe(T, &w, &k, box, NULL));
    CHECK(floats(&w)[3 + 6 * (2 + 5 * 3)] > 0.8f && floats(&w)[3 + 6 * (2 + 5 * 3)] < 1.2f);
    mv_volume_free(T, &k), mv_volume_free(T, &w);
}

/* ---- Toeplitz embedding ---- */
static void test_toeplitz(void) {
    static const size_t some[6][3] = {{16, 14, 1}, {17, 13, 1}, {65, 1, 1}, {6, 8, 7}, {1, 1, 1}, {1, 24, 1}};
    size_t t, c, i;
    for (t = 0; t < 6; t++) {
        const size_t *n = some[t], all = n[0] * n[1] * n[2], coils = 9;
        mv_volume k, w, x, y = {0}, want = {0}, got = {0}, maps, sum;
        mv_toeplitz plan;
        t_seed(160 + t);
        if (!scattered(&k, n, 50, 2, 2) || !new_volume(&w, MEDVOL_F32, 1, 50, 2, 1, t % 2 ? 2 : 1) ||
            !images(&x, n, coils, 2) || !images(&maps, n, coils, 1) || !images(&sum, n, 1, 1))
            return;
        noise(&w);
        for (i = 0; i < mv_volume_count(&w); i++) floats(&w)[i] += 1;
        CHECK_OK(mv_nudft_forward(T, &y, &x, &k));
        CHECK_OK(mv_nudft_adjoint(T, &want, &y, &k, &w, n));
        if (!CHECK_OK(mv_toeplitz_init(T, &plan, n, &k, &w, NULL))) return;
        CHECK(plan.frames == 2 && plan.basis == 0 && plan.dim[1] == n[1]);
        CHECK_OK(mv_toeplitz_normal(T, &plan, &got, &x));
        CHECK_NEAR(between(&got, &want), 0, 1e-6);
        { /* with maps: the coils of one image */
            double e = 0, s = 0;
            size_t j;
            float *spread = floats(&x), *one = floats(&sum), *base = (float *)malloc(8 * all);
            if (!CHECK(base)) return;
            memcpy(base, x.data, 8 * all);
            CHECK_OK(mv_toeplitz_normal_c64(T, &plan, 1, one, base, floats(&maps), coils, 0));
            CHECK_OK(mv_toeplitz_normal_c64(T, &plan, 1, one, base, floats(&maps), coils, 1));
            for (c = 0; c < coils; c++)
                for (i = 0; i < all; i++) {
                    const float *p = base + 2 * i, *q = floats(&maps) + 2 * (c * all + i);
                    spread[2 * (c * all + i)] = p[0] * q[0] - p[1] * q[1];
                    spread[2 * (c * all + i) + 1] = p[0] * q[1] + p[1] * q[0];
                }
            CHECK_OK(mv_toeplitz_normal_c64(T, &plan, 1, floats(&got), spread, NULL, coils, 0));
            for (j = 0; j < all; j++) {
                double re = 0;
                for (c = 0; c < coils; c++) {
                    const float *p = floats(&got) + 2 * (c * all + j), *q = floats(&maps) + 2 * (c * all + j);
                    re += 2 * ((double)p[0] * (double)q[0] + (double)p[1] * (double)q[1]);
                }
                e += (re - (double)one[2 * j]) * (re - (double)one[2 * j]), s += re * re;
            }
            CHECK_NEAR(sqrt(e / s), 0, 1e-6);
            free(base);
        }
        CHECK_OK(mv_toeplitz_normal_c64(NULL, &plan, 1, floats(&want), floats(&x), NULL, 1, 0));
        CHECK_OK(mv_toeplitz_normal_c64(T, &plan, 1, floats(&got), floats(&x), NULL, 1, 0));
        CHECK(memcmp(want.data, got.data, 8 * all) == 0);
        CHECK_STATUS(mv_toeplitz_normal_c64(T, &plan, 2, floats(&got), floats(&x), NULL, 1, 0),
                     MEDVOL_E_RANGE);
        CHECK_STATUS(mv_toeplitz_normal_c64(T, &plan, 0, floats(&got), floats(&x), NULL, 0, 0),
                     MEDVOL_E_SIZE);
        CHECK_STATUS(mv_toeplitz_normal_c64(T, &plan, 0, floats(&x), floats(&x), NULL, 1, 0), MEDVOL_E_ALIAS);
        CHECK_STATUS(mv_toeplitz_normal_c64(T, &plan, 0, NULL, floats(&x), NULL, 1, 0), MEDVOL_E_NULL);
        CHECK_STATUS(mv_toeplitz_normal(T, &plan, &got, &sum), MEDVOL_E_SHAPE); /* one frame */
        mv_toeplitz_free(T, &plan);
        CHECK_STATUS(mv_toeplitz_normal(T, &plan, &got, &x), MEDVOL_E_NULL);
        mv_volume_free(T, &k), mv_volume_free(T, &w), mv_volume_free(T, &x), mv_volume_free(T, &y);
        mv_volume_free(T, &want), mv_volume_free(T, &got), mv_volume_free(T, &maps), mv_volume_free(T, &sum);
    }
}
static void test_basis(void) { /* y = sum over a of basis[a, t] A x_a, and its adjoint */
    static const size_t n[3] = {11, 12, 1};
    enum { K = 3, M = 40, S = 6, ALL = 132 };
    size_t f, i, a;
    int per;
    for (per = 0; per < 2; per++) {
        const size_t times = per ? 2 * S * M : 2 * S;
        float *basis = (float *)malloc(times * K * sizeof *basis);
        mv_volume k, w, x, y, part, got = {0}, want;
        mv_toeplitz t;
        mv_nufft plan;
        mv_nufft_opt o;
        memset(&o, 0, sizeof o);
        o.tolerance = 1e-6;
        t_seed(180);
        if (!CHECK(basis) || !scattered(&k, n, M, S, 2) || !new_volume(&w, MEDVOL_F32, 1, M, S, 1, 1) ||
            !images(&x, n, 1, K) || !samples(&y, &k, 1, 1) || !samples(&part, &k, 1, 1) ||
            !images(&want, n, 1, K))
            return;
        for (i = 0; i < times * K; i++) basis[i] = (float)t_uniform(-1, 1);
        noise(&w);
        memset(want.data, 0, 8 * K * ALL);
        CHECK_OK(mv_nufft_init(T, &plan, n, &k, &o));
        CHECK_OK(mv_toeplitz_init_basis(T, &t, n, &k, &w, basis, K, times, NULL));
        CHECK(t.basis == K && t.frames == 1);
        CHECK_OK(mv_toeplitz_normal(T, &t, &got, &x));
        for (f = 0; f < 2; f++) {
            memset(y.data, 0, 8 * M * S);
            for (a = 0; a < K; a++) {
                CHECK_OK(mv_nufft_forward_c64(T, &plan, f, floats(&part), floats(&x) + 2 * a * ALL, NULL, 1,
                                              NULL, 0));
                for (i = 0; i < 2 * M * S; i++)
                    floats(&y)[i] +=
                        floats(&part)[i] * basis[a + K * (per ? f * M * S + i / 2 : f * S + i / 2 / M)];
            }
            for (a = 0; a < K; a++) {
                for (i = 0; i < 2 * M * S; i++)
                    floats(&part)[i] =
                        floats(&y)[i] * basis[a + K * (per ? f * M * S + i / 2 : f * S + i / 2 / M)];
                CHECK_OK(mv_nufft_adjoint_c64(T, &plan, f, floats(&want) + 2 * a * ALL, floats(&part), NULL,
                                              1, floats(&w), 1));
            }
        }
        CHECK_NEAR(between(&got, &want), 0, 2e-6);
        mv_toeplitz_free(T, &t);
        basis[2] = INFINITY;
        CHECK_STATUS(mv_toeplitz_init_basis(T, &t, n, &k, &w, basis, K, times, NULL), MEDVOL_E_RANGE);
        CHECK(strcmp(T->error.field, "basis") == 0 && t.tables == NULL);
        CHECK_STATUS(mv_toeplitz_init_basis(T, &t, n, &k, &w, basis, K, times + 1, NULL), MEDVOL_E_SIZE);
        CHECK_STATUS(mv_toeplitz_init_basis(T, &t, n, &k, &w, basis, 65, times, NULL), MEDVOL_E_RANGE);
        CHECK_STATUS(mv_toeplitz_init_basis(T, &t, n, &k, &w, NULL, K, times, NULL), MEDVOL_E_NULL);
        free(basis);
        mv_nufft_free(T, &plan);
        mv_volume_free(T, &k), mv_volume_free(T, &w), mv_volume_free(T, &x), mv_volume_free(T, &y);
        mv_volume_free(T, &part), mv_volume_free(T, &got), mv_volume_free(T, &want);
    }
}

/* ---- BART: exact sums (unscaled) of its phantom, its own transforms (3e-3 by their kernel) ---- */
static void test_bart(void) {
    static const size_t n[3] = {64, 64, 1};
    mv_volume k, x, want, y = {0}, z = {0};
    mv_nufft plan;
    mv_nufft_opt o;
    size_t i;
    memset(&o, 0, sizeof o);
    o.tolerance = 1e-6;
    if (!t_shared(&k, "bart_ref/traj_ga") || !t_shared(&x, "bart_ref/ph4_img") ||
        !t_shared(&want, "bart_ref/nudft4")) {
        t_skip("no data of BART");
        return;
    }
    CHECK_OK(mv_nufft_init(T, &plan, n, &k, &o));
    CHECK_OK(mv_nufft_forward(T, &plan, &y, &x));
    for (i = 0; i < 2 * mv_volume_count(&want); i++) floats(&want)[i] /= 64;
    CHECK_NEAR(between(&y, &want), 0, 4e-6);
    mv_volume_free(T, &want);
    if (t_shared(&want, "bart_ref/nufft4")) {
        CHECK_NEAR(between(&y, &want), 0, 4e-3);
        if (t_shared(&z, "bart_ref/nuadj4")) {
            mv_volume a = {0};
            CHECK_OK(mv_nufft_adjoint(T, &plan, &a, &want, NULL));
            CHECK_NEAR(between(&a, &z), 0, 6e-3);
            mv_volume_free(T, &a);
        }
    }
    mv_nufft_free(T, &plan);
    mv_volume_free(T, &k), mv_volume_free(T, &x), mv_volume_free(T, &want), mv_volume_free(T, &y);
    mv_volume_free(T, &z);
}

/* ---- not numbers, errors ---- */
static void test_nan(void) { /* of a coil; the others are as ever */
    static const size_t n[3] = {13, 12, 1};
    mv_volume k, x, y = {0}, z = {0}, w = {0};
    mv_nufft plan;
    size_t i, c;
    t_seed(200);
    if (!scattered(&k, n, 60, 1, 1) || !images(&x, n, 4, 1)) return;
    CHECK_OK(mv_nufft_init(T, &plan, n, &k, NULL));
    CHECK_OK(mv_nufft_forward(T, &plan, &y, &x));
    floats(&x)[2 * 156 + 9] = NAN; /* coil 1 */
    CHECK_OK(mv_nufft_forward(T, &plan, &z, &x));
    for (c = 0; c < 4; c++)
        for (i = 0; i < 120; i++) {
            const float v = floats(&z)[120 * c + i];
            CHECK(c == 1 ? v != v : v == floats(&y)[120 * c + i]);
        }
    floats(&y)[120 * 2 + 8] = INFINITY;
    CHECK_OK(mv_nufft_adjoint(T, &plan, &w, &y, NULL));
    for (c = 0; c < 4; c++)
        for (i = 0; i < 312; i++) CHECK((floats(&w)[312 * c + i] - floats(&w)[312 * c + i] == 0) == (c != 2));
    mv_nufft_free(T, &plan);
    mv_volume_free(T, &k), mv_volume_free(T, &x), mv_volume_free(T, &y), mv_volume_free(T, &z);
    mv_volume_free(T, &w);
}
static int field(const char *name) { return CHECK(T->error.field && strcmp(T->error.field, name) == 0); }
static void test_errors(void) {
    static const size_t n[3] = {12, 10, 1}, huge[3] = {(size_t)1 << 27, 1, 1}, none[3] = {4, 0, 1};
    mv_volume k, x, y, w, dst = {0}, bad;
    mv_nufft plan;
    mv_nufft_opt o;
    mv_toeplitz t;
    size_t dim[5] = {3, 20, 2, 1, 1};
    memset(&o, 0, sizeof o);
    t_seed(210);
    if (!scattered(&k, n, 20, 2, 1) || !images(&x, n, 2, 1) || !samples(&y, &k, 2, 1) ||
        !new_volume(&w, MEDVOL_F32, 1, 20, 2, 1, 1))
        return;
    noise(&w);
    CHECK_STATUS(mv_nufft_init(T, NULL, n, &k, NULL), MEDVOL_E_NULL);
    CHECK_STATUS(mv_nufft_init(T, &plan, NULL, &k, NULL), MEDVOL_E_NULL), field("shape");
    CHECK_STATUS(mv_nufft_init(T, &plan, n, NULL, NULL), MEDVOL_E_NULL);
    CHECK_STATUS(mv_nufft_init(T, &plan, huge, &k, NULL), MEDVOL_E_SIZE), field("shape");
    CHECK_STATUS(mv_nufft_init(T, &plan, none, &k, NULL), MEDVOL_E_SIZE), field("shape");
    o.tolerance = 1e-8;
    CHECK_STATUS(mv_nufft_init(T, &plan, n, &k, &o), MEDVOL_E_RANGE), field("tolerance");
    CHECK(strstr(mv_message(T), "can, with oversampling"));
    o.tolerance = NAN;
    CHECK_STATUS(mv_nufft_init(T, &plan, n, &k, &o), MEDVOL_E_RANGE), field("tolerance");
    o.tolerance = -1;
    CHECK_STATUS(mv_nufft_init(T, &plan, n, &k, &o), MEDVOL_E_RANGE), field("tolerance");
    o.tolerance = 0, o.oversampling = 1.1;
    CHECK_STATUS(mv_nufft_init(T, &plan, n, &k, &o), MEDVOL_E_RANGE), field("oversampling");
    o.oversampling = INFINITY;
    CHECK_STATUS(mv_nufft_init(T, &plan, n, &k, &o), MEDVOL_E_RANGE), field("oversampling");
    o.oversampling = 1.25, o.tolerance = 1e-6;
    CHECK_STATUS(mv_nufft_init(T, &plan, n, &k, &o), MEDVOL_E_RANGE), field("tolerance");
    o.oversampling = 0, o.tolerance = 0, o.weights = 3;
    CHECK_STATUS(mv_nufft_init(T, &plan, n, &k, &o), MEDVOL_E_RANGE), field("weights");
    places(&k)[3 * 25 + 1] = 5.1;
    CHECK_STATUS(mv_nufft_init(T, &plan, n, &k, NULL), MEDVOL_E_RANGE), field("traj");
    CHECK(strstr(mv_message(T), "ky of sample 5, shot 1, frame 0 is 5.1"));
    places(&k)[3 * 25 + 1] = NAN;
    CHECK_STATUS(mv_nufft_init(T, &plan, n, &k, NULL), MEDVOL_E_RANGE), field("traj");
    CHECK_STATUS(mv_toeplitz_init(T, &t, n, &k, NULL, NULL), MEDVOL_E_RANGE), field("traj");
    CHECK_STATUS(mv_nudft_forward(T, &dst, &x, &k), MEDVOL_E_RANGE), field("traj");
    CHECK_STATUS(mv_grid_forward(T, &dst, &x, &k, NULL), MEDVOL_E_RANGE), field("traj");
    CHECK_STATUS(mv_dcf_pipe(T, &dst, &k, n, NULL), MEDVOL_E_RANGE), field("traj");
    places(&k)[3 * 25 + 1] = 5;
    dim[0] = 2;
    CHECK_OK(mv_volume_wrap(T, &bad, k.data, MEDVOL_F64, 5, dim, NULL));
    CHECK_STATUS(mv_nufft_init(T, &plan, n, &bad, NULL), MEDVOL_E_SHAPE), field("traj");
    CHECK(plan.tables == NULL);
    CHECK_STATUS(mv_nufft_forward(T, &plan, &dst, &x), MEDVOL_E_NULL);
    if (!CHECK_OK(mv_nufft_init(T, &plan, n, &k, NULL))) return;
    CHECK_STATUS(mv_nufft_forward(T, &plan, &dst, &y), MEDVOL_E_SHAPE), field("src");
    CHECK_STATUS(mv_nufft_adjoint(T, &plan, &dst, &x, NULL), MEDVOL_E_SHAPE), field("src");
    CHECK_STATUS(mv_nufft_forward(T, &plan, &dst, &w), MEDVOL_E_SHAPE);
    CHECK_STATUS(mv_nufft_forward(T, &plan, NULL, &x), MEDVOL_E_NULL);
    CHECK_STATUS(mv_nufft_forward(T, &plan, &dst, NULL), MEDVOL_E_NULL);
    CHECK_STATUS(mv_nufft_forward(T, &plan, &y, &y), MEDVOL_E_SHAPE);
    CHECK_STATUS(mv_nufft_adjoint(T, &plan, &w, &y, NULL), MEDVOL_E_DTYPE);
    CHECK_STATUS(mv_nufft_adjoint(T, &plan, &dst, &y, &x), MEDVOL_E_SHAPE), field("weights");
    floats(&w)[7] = NAN;
    CHECK_STATUS(mv_nufft_adjoint(T, &plan, &dst, &y, &w), MEDVOL_E_RANGE), field("weights");
    CHECK(T->error.offset == 7);
    CHECK_STATUS(mv_toeplitz_init(T, &t, n, &k, &w, NULL), MEDVOL_E_RANGE), field("weights");
    CHECK_STATUS(mv_nudft_adjoint(T, &dst, &y, &k, &w, n), MEDVOL_E_RANGE), field("weights");
    CHECK_STATUS(mv_grid_adjoint(T, &dst, &y, &k, &w, n, NULL), MEDVOL_E_RANGE), field("weights");
    CHECK_STATUS(mv_nudft_adjoint(T, &dst, &y, &k, NULL, NULL), MEDVOL_E_NULL), field("shape");
    {
        mv_grid_opt g;
        g.method = 2;
        CHECK_STATUS(mv_grid_adjoint(T, &dst, &y, &k, NULL, n, &g), MEDVOL_E_RANGE), field("method");
    }
    CHECK_STATUS(mv_nufft_forward_c64(T, &plan, 1, floats(&y), floats(&x), NULL, 2, NULL, 0), MEDVOL_E_RANGE);
    CHECK_STATUS(mv_nufft_forward_c64(T, &plan, 0, floats(&y), floats(&x), NULL, 0, NULL, 0), MEDVOL_E_SIZE);
    CHECK_STATUS(mv_nufft_forward_c64(T, &plan, 0, floats(&y), floats(&x), NULL, (size_t)-1 / 2, NULL, 0),
                 MEDVOL_E_SIZE);
    CHECK_STATUS(mv_nufft_forward_c64(T, &plan, 0, NULL, floats(&x), NULL, 2, NULL, 0), MEDVOL_E_NULL);
    CHECK_STATUS(mv_nufft_adjoint_c64(T, &plan, 0, floats(&x), NULL, NULL, 2, NULL, 0), MEDVOL_E_NULL);
    CHECK_STATUS(mv_nufft_adjoint_c64(T, NULL, 0, floats(&x), floats(&y), NULL, 2, NULL, 0), MEDVOL_E_NULL);
    CHECK_STATUS(mv_nufft_adjoint_c64(T, &plan, 0, floats(&x), floats(&x), NULL, 2, NULL, 0), MEDVOL_E_ALIAS);
    CHECK_STATUS(mv_nufft_adjoint_c64(T, &plan, 0, floats(&x), floats(&y), floats(&x), 2, NULL, 0),
                 MEDVOL_E_ALIAS);
    CHECK_STATUS(mv_nufft_forward_c64(T, &plan, 0, floats(&y), floats(&x), NULL, 2, floats(&y), 0),
                 MEDVOL_E_ALIAS);
    CHECK(!dst.data);
    mv_nufft_free(T, &plan), mv_nufft_free(T, NULL), mv_toeplitz_free(T, NULL);
    mv_volume_free(T, &k), mv_volume_free(T, &x), mv_volume_free(T, &y), mv_volume_free(T, &w);
}
static int stop_at;
static int stopping(void *user, double done, double total, const char *label) {
    (void)user, (void)label;
    CHECK(done <= total);
    return stop_at-- == 0;
}
static void test_cancel(void) {
    static const size_t n[3] = {20, 18, 1};
    mv_volume k, x, y, dst = {0};
    mv_nufft plan;
    mv_toeplitz t;
    int call, i;
    t_seed(220);
    if (!scattered(&k, n, 40, 2, 1) || !images(&x, n, 3, 1) || !samples(&y, &k, 3, 1)) return;
    CHECK_OK(mv_nufft_init(T, &plan, n, &k, NULL));
    CHECK_OK(mv_toeplitz_init(T, &t, n, &k, NULL, NULL));
    T->desc.progress = stopping;
    for (call = 0; call < 9; call++) {
        int cancelled = 0;
        for (i = 0; i < 400; i++) {
            mv_status st = MEDVOL_OK;
            mv_nufft p;
            mv_toeplitz q;
            stop_at = i;
            if (call == 0) st = mv_nufft_forward(T, &plan, &dst, &x);
            else if (call == 1) st = mv_nufft_adjoint(T, &plan, &dst, &y, NULL);
            else if (call == 2) st = mv_toeplitz_normal(T, &t, &dst, &x);
            else if (call == 3) st = mv_nudft_forward(T, &dst, &x, &k);
            else if (call == 4) st = mv_nudft_adjoint(T, &dst, &y, &k, NULL, n);
            else if (call == 5) st = mv_grid_adjoint(T, &dst, &y, &k, NULL, n, NULL);
            else if (call == 6) st = mv_dcf_pipe(T, &dst, &k, n, &(mv_dcf_pipe_opt){3});
            else if (call == 7 && (st = mv_nufft_init(T, &p, n, &k, NULL)) == MEDVOL_OK) mv_nufft_free(T, &p);
            else if (call == 8 && (st = mv_toeplitz_init(T, &q, n, &k, NULL, NULL)) == MEDVOL_OK)
                mv_toeplitz_free(T, &q);
            if (st != MEDVOL_E_CANCELLED) {
                CHECK_STATUS(st, MEDVOL_OK);
                break;
            }
            CHECK(!dst.data);
            cancelled++;
        }
        CHECK(cancelled > 0 && i < 400);
        mv_volume_free(T, &dst);
    }
    T->desc.progress = NULL;
    mv_nufft_free(T, &plan), mv_toeplitz_free(T, &t);
    mv_volume_free(T, &k), mv_volume_free(T, &x), mv_volume_free(T, &y);
}

/* Each request for memory refused in turn: nothing is left behind, nothing of a volume made. */
static void test_memory(void) {
    static const size_t n[3] = {12, 10, 2};
    static const float basis[6] = {1, 2, 3, 4, 5, 6};
    double points[30];
    mv_volume k, kc, x, y, w, dst = {0};
    mv_nufft plan;
    mv_toeplitz t;
    size_t i, at;
    int call;
    t_seed(230);
    if (!scattered(&k, n, 30, 1, 1) || !images(&x, n, 3, 1) || !samples(&y, &k, 3, 1) ||
        !new_volume(&w, MEDVOL_F64, 1, 30, 1, 1, 1) || !new_volume(&kc, MEDVOL_C128, 3, 30, 1, 1, 1))
        return;
    for (i = 0; i < 30; i++) places(&w)[i] = 1, points[i] = t_uniform(-1, 1);
    for (i = 0; i < 90; i++) places(&kc)[2 * i] = places(&k)[i], places(&kc)[2 * i + 1] = 0;
    CHECK_OK(mv_nufft_init(T, &plan, n, &k, NULL));
    CHECK_OK(mv_toeplitz_init(T, &t, n, &k, NULL, NULL));
    for (call = 0; call < 12; call++) {
        const size_t alive = t_live();
        for (at = 1; at < 1000; at++) {
            mv_status st = MEDVOL_OK;
            mv_nufft p = {{0}, 0, 0, 0, 0, 0, 0, 0, NULL};
            mv_nufft3 q = {0, 0, 0, 0, NULL};
            mv_toeplitz r = {{0}, 0, 0, 0, NULL};
            t_fail_alloc(at, 0);
            if (call == 0) st = mv_nufft_forward(T, &plan, &dst, &x);
            else if (call == 1) st = mv_nufft_adjoint(T, &plan, &dst, &y, &w);
            else if (call == 2) st = mv_toeplitz_normal(T, &t, &dst, &x);
            else if (call == 3) st = mv_nudft_forward(T, &dst, &x, &kc);
            else if (call == 4) st = mv_nudft_adjoint(T, &dst, &y, &kc, &w, n);
            else if (call == 5) st = mv_grid_forward(T, &dst, &x, &kc, NULL);
            else if (call == 6) st = mv_grid_adjoint(T, &dst, &y, &kc, &w, n, NULL);
            else if (call == 7) st = mv_dcf_pipe(T, &dst, &kc, n, NULL);
            else if (call == 8) st = mv_nufft_init(T, &p, n, &kc, NULL);
            else if (call == 9) st = mv_nufft3_init(T, &q, 3, 10, points, 10, points, NULL);
            else if (call == 10) st = mv_toeplitz_init(T, &r, n, &kc, &w, NULL);
            else st = mv_toeplitz_init_basis(T, &r, n, &kc, &w, basis, 2, 1, NULL);
            t_fail_alloc(0, 0);
            if (st == MEDVOL_OK) {
                mv_volume_free(T, &dst), mv_nufft_free(T, &p), mv_nufft3_free(T, &q), mv_toeplitz_free(T, &r);
                break;
            }
            CHECK_STATUS(st, MEDVOL_E_NOMEM);
            CHECK(!dst.data && !p.tables && !q.tables && !r.tables && t_live() == alive);
        }
        CHECK(at > 1 && at < 1000 && t_live() == alive);
    }
    mv_nufft_free(T, &plan), mv_toeplitz_free(T, &t);
    mv_volume_free(T, &k), mv_volume_free(T, &kc), mv_volume_free(T, &x), mv_volume_free(T, &y);
    mv_volume_free(T, &w);
}

extern const t_case tests_nufft[];
const t_case tests_nufft[] = {
    {"definition", test_definition, 0},
    {"tolerance", test_tolerance, 0},
    {"uniform", test_uniform, 0},
    {"arrays", test_arrays, 0},
    {"series", test_series, 0},
    {"crowded", test_crowded, 0},
    {"long", test_long, 0},
    {"third", test_third, 0},
    {"complex_places", test_complex_places, 0},
    {"third_errors", test_third_errors, T_ONCE},
    {"grid", test_grid, 0},
    {"pipe", test_pipe, 0},
    {"toeplitz", test_toeplitz, 0},
    {"basis", test_basis, 0},
    {"bart", test_bart, 0},
    {"nan", test_nan, 0},
    {"errors", test_errors, T_ONCE},
    {"cancel", test_cancel, 0},
    {"memory", test_memory, 0},
    {NULL, NULL, 0},
};
