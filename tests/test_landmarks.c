/* test_landmarks.c - fits of points, thin-plate splines, corrections by hand and phase correlation, against
   known maps, a plain dense solver and scipy. */
#include "test.h"

enum { MOST = 80 };
static double P[3][MOST], Q[3][MOST]; /* landmarks and where they go */
static void scatter(size_t n, double extent, double way) {
    size_t i;
    int c;
    for (c = 0; c < 3; c++)
        for (i = 0; i < n; i++) {
            P[c][i] = t_uniform(-extent, extent) + 20 * c;
            Q[c][i] = P[c][i] + t_uniform(-way, way);
        }
}
static void map_all(const double *a, size_t n, int axes) { /* Q = a P */
    size_t i;
    for (i = 0; i < n; i++) {
        double p[3], q[3];
        int c;
        for (c = 0; c < 3; c++) p[c] = c < axes ? P[c][i] : 0;
        mv_affine_apply(q, a, p);
        for (c = 0; c < 3; c++) Q[c][i] = q[c];
    }
}
static double differ(const double *a, const double *b, size_t n) {
    double d = 0;
    size_t i;
    for (i = 0; i < n; i++) d = fmax(d, fabs(a[i] - b[i]));
    return d;
}
static void rotation(double *t, double degrees, const double *axis, double scale) {
    const double a = degrees * 3.14159265358979 / 180, c = cos(a), s = sin(a);
    int i, k;
    for (i = 0; i < 3; i++)
        for (k = 0; k < 3; k++) t[4 * i + k] = axis[i] * axis[k] * (1 - c) + (i == k ? c : 0);
    t[1] -= s * axis[2], t[4] += s * axis[2], t[2] += s * axis[1];
    t[8] -= s * axis[1], t[6] -= s * axis[0], t[9] += s * axis[0];
    for (i = 0; i < 3; i++)
        for (k = 0; k < 3; k++) t[4 * i + k] *= scale;
    t[3] = 4, t[7] = -7.5, t[11] = 3;
}
static const double slant[3] = {0.48, 0.6, 0.64}, upright[3] = {0, 0, 1};
static mv_status fit(double *a, size_t n, int axes, const mv_fit_opt *o) {
    return mv_fit_points(T, a, P[0], P[1], axes == 3 ? P[2] : NULL, Q[0], Q[1], axes == 3 ? Q[2] : NULL, n,
        o);
}

/* ---- fits ---- */
static void fits(void) {
    double t[12], a[12], rms;
    mv_fit_opt o = {MEDVOL_RIGID, NULL, NULL};
    int model, axes;
    o.rms = &rms;
    t_seed(11);
    for (axes = 2; axes <= 3; axes++)
        for (model = 0; model <= MEDVOL_AFFINE; model++) {
            o.model = (mv_model)model;
            scatter(9, 40, 0);
            rotation(t, 170, axes == 3 ? slant : upright, model == MEDVOL_SIMILARITY ? 1.3 : 1);
            if (model == MEDVOL_TRANSLATION) rotation(t, 0, upright, 1);
            if (model == MEDVOL_AFFINE) t[0] += 0.4, t[1] -= 0.3, t[5] *= 1.5;
            if (axes == 2) t[11] = 0, t[10] = 1;
            map_all(t, 9, axes);
            CHECK_OK(fit(a, 9, axes, &o));
            CHECK(differ(a, t, 12) < 1e-12 * 100);
            CHECK(rms < 1e-11);
        }
}
static double misfit(const double *a, size_t n, const double *w) {
    double sum = 0;
    size_t i;
    for (i = 0; i < n; i++) {
        const double p[3] = {P[0][i], P[1][i], P[2][i]};
        double q[3];
        int c;
        mv_affine_apply(q, a, p);
        for (c = 0; c < 3; c++) sum += w[i] * (q[c] - Q[c][i]) * (q[c] - Q[c][i]);
    }
    return sum;
}
/* with noise no small turn, stretch or shift is better; a weight counts as so many points; mirrors stay out */
static void fits_least(void) {
    double t[12], a[12], b[12], e[12], w[20], rms, best;
    mv_fit_opt o = {MEDVOL_RIGID, NULL, NULL};
    size_t i;
    int model, k;
    t_seed(12);
    for (model = 0; model <= MEDVOL_AFFINE; model++) {
        scatter(20, 40, 0);
        rotation(t, 40, slant, 1.1);
        map_all(t, 20, 3);
        for (i = 0; i < 20; i++) Q[i % 3][i] += t_uniform(-3, 3), w[i] = t_uniform(0, 2);
        o.model = (mv_model)model, o.weight = w, o.rms = &rms;
        CHECK_OK(fit(a, 20, 3, &o));
        best = misfit(a, 20, w);
        for (i = 0, e[0] = 0; i < 20; i++) e[0] += w[i];
        CHECK_NEAR(rms, sqrt(best / e[0]), 1e-12 * rms);
        for (k = 0; k < 19; k++) {
            const int free_one = k < 3 || (model != MEDVOL_TRANSLATION && k < 6) || model == MEDVOL_AFFINE ||
                                 (k == 6 && model == MEDVOL_SIMILARITY);
            if (!free_one) continue;
            mv_affine_identity(e);
            if (k < 3) e[4 * k + 3] = 1e-3;
            else if (k < 6) {
                double axis[3] = {0, 0, 0};
                axis[k - 3] = 1;
                rotation(e, 0.01, axis, 1);
                e[3] = e[7] = e[11] = 0;
            } else if (k == 6) e[0] = e[5] = e[10] = 1.0002;
            else e[k - 7] += 1e-4;
            mv_affine_mul(b, e, a);
            CHECK(misfit(b, 20, w) >= best * (1 - 1e-13));
            CHECK_OK(mv_affine_invert(e, e));
            mv_affine_mul(b, e, a);
            CHECK(misfit(b, 20, w) >= best * (1 - 1e-13));
        }
    }
    scatter(6, 10, 0);
    for (i = 0; i < 6; i++) Q[0][i] = -P[0][i];
    o.model = MEDVOL_RIGID, o.weight = NULL;
    CHECK_OK(fit(a, 6, 3, &o));
    CHECK_NEAR(mv_affine_det(a), 1, 1e-12);
    for (i = 0; i < 20; i++) w[i] = i < 5;
    scatter(20, 10, 0);
    rotation(t, 60, slant, 1);
    map_all(t, 5, 3); /* the others have no weight */
    o.weight = w;
    CHECK_OK(fit(a, 20, 3, &o));
    CHECK(differ(a, t, 12) < 1e-10);
    /* points of a plane determine a rotation in space */
    scatter(7, 10, 0);
    for (i = 0; i < 7; i++) P[2][i] = 5;
    map_all(t, 7, 3);
    o.weight = NULL;
    CHECK_OK(fit(a, 7, 3, &o));
    CHECK(differ(a, t, 12) < 1e-10);
}
static void fits_refused(void) {
    double a[12], keep[12], w[9] = {0};
    mv_fit_opt o = {MEDVOL_RIGID, NULL, NULL};
    size_t i;
    int k;
    t_seed(13);
    scatter(9, 10, 2);
    for (k = 0; k < 12; k++) a[k] = keep[k] = 7;
    CHECK_STATUS(mv_fit_points(T, NULL, P[0], P[1], NULL, Q[0], Q[1], NULL, 9, &o), MEDVOL_E_NULL);
    CHECK_STATUS(mv_fit_points(T, a, P[0], P[1], P[2], Q[0], Q[1], NULL, 9, &o), MEDVOL_E_NULL);
    CHECK_STATUS(mv_fit_points(T, a, NULL, P[1], P[2], Q[0], Q[1], Q[2], 9, &o), MEDVOL_E_NULL);
    CHECK_STATUS(fit(a, 2, 3, &o), MEDVOL_E_SIZE);
    CHECK_STATUS(fit(a, 1, 2, &o), MEDVOL_E_SIZE);
    o.model = MEDVOL_AFFINE;
    CHECK_STATUS(fit(a, 3, 3, &o), MEDVOL_E_SIZE);
    o.model = MEDVOL_TRANSLATION;
    CHECK_STATUS(fit(a, 0, 3, &o), MEDVOL_E_SIZE);
    o.model = (mv_model)9;
    CHECK_STATUS(fit(a, 9, 3, &o), MEDVOL_E_RANGE);
    o.model = MEDVOL_AFFINE;
    o.weight = w;
    CHECK_STATUS(fit(a, 9, 3, &o), MEDVOL_E_SINGULAR);
    w[3] = -1;
    CHECK_STATUS(fit(a, 9, 3, &o), MEDVOL_E_RANGE);
    CHECK(strstr(mv_message(T), "weight[3]") != NULL);
    o.weight = NULL;
    Q[1][4] = NAN;
    CHECK_STATUS(fit(a, 9, 3, &o), MEDVOL_E_RANGE);
    CHECK(strstr(mv_message(T), "v[4]") != NULL);
    Q[1][4] = 0;
    for (i = 0; i < 9; i++) P[2][i] = 0.3 * P[0][i] - 0.2 * P[1][i] + 1;
    CHECK_STATUS(fit(a, 9, 3, &o), MEDVOL_E_SINGULAR); /* a plane */
    for (i = 0; i < 9; i++) P[1][i] = 2 * P[0][i], P[2][i] = -P[0][i];
    o.model = MEDVOL_RIGID;
    CHECK_STATUS(fit(a, 9, 3, &o), MEDVOL_E_SINGULAR); /* a line */
    o.model = MEDVOL_SIMILARITY;
    for (i = 0; i < 9; i++) P[0][i] = P[1][i] = P[2][i] = 3;
    CHECK_STATUS(fit(a, 9, 3, &o), MEDVOL_E_SINGULAR);
    CHECK_STATUS(fit(a, 9, 2, &o), MEDVOL_E_SINGULAR);
    CHECK(differ(a, keep, 12) == 0);
}

/* ---- splines ---- */
static mv_status spline(mv_tps *t, size_t n, int axes, double lambda) {
    mv_tps_opt o;
    o.lambda = lambda;
    return mv_tps_init(T, t, P[0], P[1], axes == 3 ? P[2] : NULL, Q[0], Q[1], axes == 3 ? Q[2] : NULL, n, &o);
}
static double phi(double r, int axes) { return axes == 3 ? -r : r > 0 ? r * r * log(r) : 0; }
/* A plain solver: Gauss with all pivots looked for, in mm; x: [axis][landmarks, then 1, x, y, z] */
static void plain(double (*x)[MOST + 4], size_t n, int axes, double lambda) {
    static double a[MOST + 4][MOST + 8];
    const size_t all = n + 1 + (size_t)axes;
    size_t i, j, k, perm[MOST + 4];
    int c;
    memset(a, 0, sizeof a);
    for (i = 0; i < all; i++) perm[i] = i;
    for (i = 0; i < n; i++) {
        for (j = 0; j < n; j++) {
            double r = 0;
            for (c = 0; c < axes; c++) r += (P[c][i] - P[c][j]) * (P[c][i] - P[c][j]);
            a[i][j] = phi(sqrt(r), axes) + (i == j ? lambda : 0);
        }
        a[i][n] = a[n][i] = 1;
        for (c = 0; c < axes; c++) {
            a[i][n + 1 + (size_t)c] = a[n + 1 + (size_t)c][i] = P[c][i];
            a[i][all + (size_t)c] = Q[c][i];
        }
    }
    for (k = 0; k < all; k++) {
        size_t bi = k, bj = k;
        for (i = k; i < all; i++)
            for (j = k; j < all; j++)
                if (fabs(a[i][j]) > fabs(a[bi][bj])) bi = i, bj = j;
        for (j = 0; j < all + 3; j++) { const double s = a[k][j]; a[k][j] = a[bi][j], a[bi][j] = s; }
        for (i = 0; i < all; i++) { const double s = a[i][k]; a[i][k] = a[i][bj], a[i][bj] = s; }
        { const size_t s = perm[k]; perm[k] = perm[bj], perm[bj] = s; }
        for (i = 0; i < all; i++) {
            const double f = a[i][k] / a[k][k];
            if (i != k)
                for (j = k; j < all + 3; j++) a[i][j] -= f * a[k][j];
        }
    }
    for (c = 0; c < axes; c++)
        for (i = 0; i < all; i++) x[c][perm[i]] = a[i][all + (size_t)c] / a[i][i];
}
static double plain_at(const double *x, size_t n, int axes, const double *p) {
    double s = x[n];
    size_t i;
    int c;
    for (c = 0; c < axes; c++) s += x[n + 1 + (size_t)c] * p[c];
    for (i = 0; i < n; i++) {
        double r = 0;
        for (c = 0; c < axes; c++) r += (p[c] - P[c][i]) * (p[c] - P[c][i]);
        s += x[i] * phi(sqrt(r), axes);
    }
    return s;
}
static void tps_exact(void) {
    static double x[3][MOST + 4], out[3][200], in[3][200];
    mv_tps t;
    double a[12], worst;
    size_t i, n;
    int axes, c;
    t_seed(21);
    for (axes = 2; axes <= 3; axes++) {
        /* affine maps come out as they are */
        scatter(20, 60, 0);
        rotation(a, 30, axes == 3 ? slant : upright, 1.2);
        a[1] += 0.3;
        if (axes == 2) a[10] = 1, a[11] = 0;
        map_all(a, 20, axes);
        CHECK_OK(spline(&t, 20, axes, 0));
        CHECK(differ(t.affine, a, 12) < 1e-11);
        CHECK(t.bending < 1e-20 && t.dims == axes && t.points == 20);
        mv_tps_free(T, &t);
        /* any others go through the landmarks, and as the plain solver says everywhere */
        for (n = axes == 2 ? 3 : 4; n <= MOST; n += n < 8 ? 1 : 24) {
            scatter(n, 60, 8);
            CHECK_OK(spline(&t, n, axes, 0));
            CHECK_OK(mv_tps_points(T, &t, out[0], out[1], axes == 3 ? out[2] : NULL, P[0], P[1],
                axes == 3 ? P[2] : NULL, n));
            for (c = 0; c < axes; c++) CHECK(differ(out[c], Q[c], n) < 1e-9);
            CHECK(t.residual < 1e-9);
            for (i = 0; i < 200; i++)
                for (c = 0; c < 3; c++) in[c][i] = t_uniform(-90, 90);
            CHECK_OK(mv_tps_points(T, &t, out[0], out[1], axes == 3 ? out[2] : NULL, in[0], in[1],
                axes == 3 ? in[2] : NULL, 200));
            plain(x, n, axes, 0);
            for (worst = 0, i = 0; i < 200; i++)
                for (c = 0; c < axes; c++) {
                    const double p[3] = {in[0][i], in[1][i], in[2][i]};
                    worst = fmax(worst, fabs(plain_at(x[c], n, axes, p) - out[c][i]));
                }
            CHECK(worst < 1e-7);
            mv_tps_free(T, &t);
        }
    }
}
/* scipy 1.17.1, RBFInterpolator(degree=1), kernel thin_plate_spline in the plane and linear in space */
static void tps_scipy(void) {
    static const double xs[8] = {-30.5, 25, 28.5, -27, 3.25, -8, 12, 40}, ys[8] = {-20.25, -18, 22, 31, 1.5,
        14, -9.5, 5},
                        zs[8] = {-11, 9, -7.5, 16, 2, -19, 21, 0.5};
    static const double d[3][8] = {{1.5, -2, .25, -1, 3, -.5, 1, -2.25}, {-.5, .75, 1.25, -2, 1, 2.5, -1.5,
        .5},
        {.5, -1, 2, -.25, 1.75, -1.5, .125, .75}};
    static const double at[3][6] = {{0, 10, -50, 3.25, 39, -12.5}, {0, -3.5, 60, 1.5, 7, 20}, {0, 5, -30, 2,
        1, 12}};
    static const double want2[2][6][2] = {{{2.82098120046756, 1.00952502700248},
        {2.09183513591268, -0.619851262900732}, {-0.218067466756265, -6.32297295460845}, {3,
            0.999999999999994},
        {-1.94055285282026, 0.49957688818371}, {-1.13552990621996, 1.66561153241636}},
        {{2.67859843306341, 0.959812748723229}, {2.02310637703559, -0.529421117376172},
        {-0.381079146924146, -6.12900767414923}, {2.83125553743435, 0.947238542572754},
        {-1.92291661490477, 0.529959606778085}, {-0.999530121279772, 1.61014902252992}}};
    static const double want3[2][6][3] = {{{2.5623699360045, 0.987981163420159, 1.3090952491823},
        {1.67992333888404, 0.592532111087291, 1.01649250427055}, {-0.715844733318538, 1.69568234700355,
            -0.719931664821836},
        {3, 1, 1.75}, {-1.96695372782577, 0.471550859960468, 0.891595438721381},
        {0.503832391460937, -1.01048497673835, 0.396848992424269}},
        {{1.98773202490431, 0.819736083444595, 0.964015829180024}, {1.26695280820911, 0.473490520615965,
            0.787379675299969},
        {-0.373722261915821, 1.68863157866695, -0.466618174884581}, {2.2771973995474, 0.806003293857825,
            1.29241507583779},
        {-1.75932797715458, 0.626455814501992, 0.887036633272235}, {0.392576104074946, -1.03509761943975,
            0.33066312969324}}};
    const double *from[3] = {xs, ys, zs};
    double out[3][6];
    mv_tps t;
    size_t i;
    int axes, k, c;
    for (c = 0; c < 3; c++)
        for (i = 0; i < 8; i++) P[c][i] = from[c][i], Q[c][i] = P[c][i] + d[c][i];
    for (axes = 2; axes <= 3; axes++)
        for (k = 0; k < 2; k++) {
            CHECK_OK(spline(&t, 8, axes, k == 0 ? 0 : axes == 2 ? 25 : 7.5));
            CHECK_OK(mv_tps_points(T, &t, out[0], out[1], axes == 3 ? out[2] : NULL, at[0], at[1],
                axes == 3 ? at[2] : NULL, 6));
            for (i = 0; i < 6; i++)
                for (c = 0; c < axes; c++)
                    CHECK_NEAR(out[c][i] - at[c][i], axes == 2 ? want2[k][i][c] : want3[k][i][c], 1e-11);
            mv_tps_free(T, &t);
        }
}
static void tps_smooth(void) {
    static double x[3][MOST + 4];
    mv_tps t;
    static double P2[3][MOST];
    double last = 1e300, off = -1, now, far, xo[5], yo[5], zo[5];
    size_t i;
    int k, axes, c;
    t_seed(22);
    for (axes = 2; axes <= 3; axes++) {
        scatter(40, 60, 8);
        for (last = 1e300, off = -1, k = 0; k < 6; k++) {
            CHECK_OK(spline(&t, 40, axes, k ? pow(10, k - 1) : 0));
            CHECK_OK(mv_tps_points(T, &t, P2[0], P2[1], axes == 3 ? P2[2] : NULL, P[0], P[1],
                axes == 3 ? P[2] : NULL, 40));
            for (now = 0, far = 0, i = 0; i < 40; i++) {
                double d = 0;
                for (c = 0; c < axes; c++) d += (P2[c][i] - Q[c][i]) * (P2[c][i] - Q[c][i]);
                now += d, far = fmax(far, sqrt(d));
            }
            CHECK(t.bending > 0 && t.bending < last && now > off);
            CHECK_NEAR(t.residual, far, 1e-8);
            last = t.bending, off = now;
            mv_tps_free(T, &t);
        }
        /* landmarks that contradict each other: the middle */
        P[0][1] = P[0][0], P[1][1] = P[1][0], P[2][1] = P[2][0];
        CHECK_STATUS(spline(&t, 40, axes, 0), MEDVOL_E_SINGULAR);
        CHECK(strstr(mv_message(T), "0 and 1") && !t.table);
        CHECK_OK(spline(&t, 40, axes, 1e-3));
        CHECK_OK(mv_tps_points(T, &t, xo, yo, zo, P[0], P[1], P[2], 1));
        CHECK_NEAR(xo[0], 0.5 * (Q[0][0] + Q[0][1]), 0.02);
        CHECK_NEAR(yo[0], 0.5 * (Q[1][0] + Q[1][1]), 0.02);
        CHECK(zo[0] == P[2][0] || axes == 3);
        plain(x, 40, axes, 1e-3);
        {
            const double p[3] = {P[0][0], P[1][0], P[2][0]};
            CHECK_NEAR(plain_at(x[0], 40, axes, p), xo[0], 1e-6);
        }
        mv_tps_free(T, &t);
    }
    /* outputs over inputs; what is not finite */
    scatter(10, 30, 4);
    CHECK_OK(spline(&t, 10, 3, 0));
    CHECK_OK(mv_tps_points(T, &t, xo, yo, zo, Q[0], Q[1], Q[2], 5));
    CHECK_OK(mv_tps_points(T, &t, Q[0], Q[1], Q[2], Q[0], Q[1], Q[2], 5));
    CHECK(differ(xo, Q[0], 5) == 0 && differ(zo, Q[2], 5) == 0);
    Q[1][2] = INFINITY, Q[2][3] = NAN;
    CHECK_OK(mv_tps_points(T, &t, xo, yo, zo, Q[0], Q[1], Q[2], 5));
    CHECK(isnan(yo[2]) && isnan(zo[3]) && mv_affine_det(t.affine) == mv_affine_det(t.affine) &&
        xo[0] == xo[0]);
    CHECK_OK(mv_tps_points(T, &t, xo, yo, zo, Q[0], Q[1], Q[2], 0));
    mv_tps_free(T, &t), mv_tps_free(T, &t), mv_tps_free(T, NULL);
}
/* the bending energy by second differences and a sum over a wide square */
static void tps_bending(void) {
    enum { SIDE = 700 };
    static double x[SIDE], y[SIDE], row[3][SIDE], yo[SIDE];
    const double h = 0.25;
    double sum = 0;
    mv_tps t;
    size_t i, j;
    t_seed(23);
    scatter(6, 6, 2);
    for (i = 0; i < 6; i++) P[1][i] -= 20, Q[1][i] = P[1][i];
    CHECK_OK(spline(&t, 6, 2, 0));
    for (i = 0; i < SIDE; i++) x[i] = ((double)i - SIDE / 2 + 0.5) * h;
    for (j = 0; j < SIDE; j++) {
        memcpy(row[0], row[1], sizeof row[0]), memcpy(row[1], row[2], sizeof row[0]);
        for (i = 0; i < SIDE; i++) y[i] = ((double)j - SIDE / 2 + 0.5) * h;
        CHECK_OK(mv_tps_points(T, &t, row[2], yo, NULL, x, y, NULL, SIDE));
        for (i = 1; j > 1 && i + 1 < SIDE; i++) {
            const double xx = row[1][i - 1] - 2 * row[1][i] + row[1][i + 1],
                yy = row[0][i] - 2 * row[1][i] + row[2][i],
                         xy = 0.25 * (row[2][i + 1] - row[2][i - 1] - row[0][i + 1] + row[0][i - 1]);
            sum += (xx * xx + 2 * xy * xy + yy * yy) / (h * h);
        }
    }
    CHECK_NEAR(sum, t.bending, 0.02 * t.bending);
    mv_tps_free(T, &t);
}
static void tps_refused(void) {
    const size_t dim[3] = {6, 5, 4}, none[3] = {6, 0, 4};
    double q[3][9];
    mv_tps t, empty;
    mv_tps_opt o = {0};
    mv_tps_field_opt f = {0};
    mv_volume grid = {0}, out = {0}, wrong = {0};
    size_t i;
    t_seed(24);
    scatter(9, 10, 2);
    memset(&empty, 0, sizeof empty);
    CHECK_STATUS(mv_tps_init(T, NULL, P[0], P[1], P[2], Q[0], Q[1], Q[2], 9, NULL), MEDVOL_E_NULL);
    CHECK_STATUS(mv_tps_init(T, &t, P[0], NULL, P[2], Q[0], Q[1], Q[2], 9, NULL), MEDVOL_E_NULL);
    CHECK_STATUS(mv_tps_init(T, &t, P[0], P[1], P[2], Q[0], Q[1], NULL, 9, NULL), MEDVOL_E_NULL);
    CHECK_STATUS(mv_tps_init(T, &t, P[0], P[1], P[2], Q[0], Q[1], Q[2], 3, NULL), MEDVOL_E_SIZE);
    CHECK_STATUS(mv_tps_init(T, &t, P[0], P[1], NULL, Q[0], Q[1], NULL, 2, NULL), MEDVOL_E_SIZE);
    CHECK_STATUS(mv_tps_init(T, &t, P[0], P[1], NULL, Q[0], Q[1], NULL, 16385, NULL), MEDVOL_E_SIZE);
    CHECK(memcmp(&t, &empty, sizeof t) == 0);
    o.lambda = -1;
    CHECK_STATUS(mv_tps_init(T, &t, P[0], P[1], P[2], Q[0], Q[1], Q[2], 9, &o), MEDVOL_E_RANGE);
    o.lambda = NAN;
    CHECK_STATUS(mv_tps_init(T, &t, P[0], P[1], P[2], Q[0], Q[1], Q[2], 9, &o), MEDVOL_E_RANGE);
    for (i = 0; i < 9; i++) q[0][i] = P[0][i], q[1][i] = P[1][i], q[2][i] = 3 * P[0][i] - P[1][i];
    for (o.lambda = 0; o.lambda < 2; o.lambda++) {
        CHECK_STATUS(mv_tps_init(T, &t, q[0], q[1], q[2], Q[0], Q[1], Q[2], 9, &o), MEDVOL_E_SINGULAR);
        CHECK_STATUS(mv_tps_init(T, &t, q[0], q[0], NULL, Q[0], Q[1], NULL, 9, &o), MEDVOL_E_SINGULAR);
        for (i = 0; i < 9; i++) q[0][i] = 4;
        CHECK_STATUS(mv_tps_init(T, &t, q[0], q[0], NULL, Q[0], Q[1], NULL, 9, &o), MEDVOL_E_SINGULAR);
    }
    q[0][3] = INFINITY;
    CHECK_STATUS(mv_tps_init(T, &t, q[0], q[1], q[2], Q[0], Q[1], Q[2], 9, NULL), MEDVOL_E_RANGE);
    CHECK(strstr(mv_message(T), "x[3]") != NULL);
    CHECK_STATUS(mv_tps_points(T, &t, q[0], q[1], q[2], q[0], q[1], q[2], 3), MEDVOL_E_NULL);
    CHECK_OK(mv_volume_alloc(T, &grid, MEDVOL_U8, 3, dim));
    CHECK_STATUS(mv_tps_field(T, &out, &grid, &t, NULL), MEDVOL_E_NULL);
    CHECK_OK(spline(&t, 9, 2, 0));
    CHECK_STATUS(mv_tps_field(T, &out, &grid, &t, NULL), MEDVOL_E_SHAPE);
    mv_tps_free(T, &t);
    CHECK_OK(spline(&t, 9, 3, 0));
    CHECK_STATUS(mv_tps_points(T, &t, q[0], q[1], NULL, q[0], q[1], NULL, 3), MEDVOL_E_NULL);
    CHECK_STATUS(mv_tps_field(T, NULL, &grid, &t, NULL), MEDVOL_E_NULL);
    CHECK_STATUS(mv_tps_field(T, &out, NULL, &t, NULL), MEDVOL_E_NULL);
    f.tolerance = NAN;
    CHECK_STATUS(mv_tps_field(T, &out, &grid, &t, &f), MEDVOL_E_RANGE);
    f.tolerance = -1;
    CHECK_STATUS(mv_tps_field(T, &out, &grid, &t, &f), MEDVOL_E_RANGE);
    CHECK_OK(mv_volume_alloc(T, &wrong, MEDVOL_F32, 3, dim));
    CHECK_STATUS(mv_tps_field(T, &wrong, &grid, &t, NULL), MEDVOL_E_SHAPE);
    grid.affine[0] = 0;
    CHECK_STATUS(mv_tps_field(T, &out, &grid, &t, NULL), MEDVOL_E_SINGULAR);
    grid.affine[0] = 1;
    memcpy(grid.dim, none, sizeof none);
    CHECK_STATUS(mv_tps_field(T, &out, &grid, &t, NULL), MEDVOL_E_SIZE);
    CHECK(out.data == NULL);
    mv_tps_free(T, &t);
    mv_volume_free(T, &grid), mv_volume_free(T, &wrong);
}

/* ---- onto grids ---- */
static void geometry(mv_volume *g, int ndim, size_t x, size_t y, size_t z, double sx, double sy, double sz) {
    /* oblique, left-handed, about the middle of what scatter makes */
    const double turn = ndim == 3 ? 0.3 : 0.5, tilt = ndim == 3 ? 0.4 : 0;
    const double r[9] = {cos(turn), -sin(turn) * cos(tilt), sin(turn) * sin(tilt), sin(turn),
        cos(turn) * cos(tilt), -cos(turn) * sin(tilt), 0, sin(tilt), cos(tilt)};
    const double s[3] = {-sx, sy, sz};
    const size_t dim[3] = {x, y, z};
    int i, k;
    memset(g, 0, sizeof *g);
    g->ndim = ndim;
    g->dtype = MEDVOL_F32;
    for (k = 0; k < 7; k++) g->dim[k] = k < 3 ? dim[k] : 1;
    for (i = 0; i < 3; i++) {
        g->affine[4 * i + 3] = ndim == 2 && i == 2 ? 0 : 20 * i;
        for (k = 0; k < 3; k++) {
            g->affine[4 * i + k] = r[3 * i + k] * s[k];
            g->affine[4 * i + 3] -= r[3 * i + k] * s[k] * 0.5 * (double)(dim[k] - 1);
        }
    }
}
/* the greatest distance between a field and the spline at its voxels, and the longest displacement */
static double field_off(const mv_tps *t, const mv_volume *v, double *longest) {
    const size_t n = v->dim[0] * v->dim[1] * v->dim[2];
    const size_t comps = v->dim[4];
    double *p[3], *q[3], worst = 0;
    size_t i, c;
    for (c = 0; c < 3; c++) {
        p[c] = (double *)malloc(n * sizeof(double)), q[c] = (double *)malloc(n * sizeof(double));
        if (!p[c] || !q[c]) abort();
    }
    for (i = 0; i < n; i++) {
        const double x[3] = {(double)(i % v->dim[0]), (double)(i / v->dim[0] % v->dim[1]),
            (double)(size_t)(i / v->dim[0] / v->dim[1])};
        double w[3];
        mv_affine_apply(w, v->affine, x);
        for (c = 0; c < 3; c++) p[c][i] = w[c];
    }
    CHECK_OK(mv_tps_points(T, t, q[0], q[1], q[2], p[0], p[1], p[2], n));
    for (*longest = 0, i = 0; i < n; i++) {
        double d = 0, s = 0;
        for (c = 0; c < comps && c < 3; c++) {
            const double u = (double)((float *)v->data)[i + c * n];
            d += (p[c][i] + u - q[c][i]) * (p[c][i] + u - q[c][i]);
            s += u * u;
        }
        worst = fmax(worst, sqrt(d)), *longest = fmax(*longest, sqrt(s));
    }
    for (c = 0; c < 3; c++) free(p[c]), free(q[c]);
    return worst;
}
static void field_case(size_t n, int axes, const mv_volume *grid, double tolerance, int lattice) {
    mv_tps_field_opt o = {0};
    mv_volume out = {0};
    mv_tps t;
    double bound = -1, longest, off;
    scatter(n, axes == 2 ? 60 : 30, 5);
    CHECK_OK(spline(&t, n, axes, 0));
    o.tolerance = tolerance, o.bound = &bound;
    CHECK_OK(mv_tps_field(T, &out, grid, &t, &o));
    off = field_off(&t, &out, &longest);
    if (!CHECK(lattice ? bound > 0 : bound == 0)) printf("%d-D, %g\n", axes, tolerance);
    CHECK(bound <= tolerance);
    if (!CHECK(off <= bound + longest / 1048576)) printf("%g off, bound %g\n", off, bound);
    if (lattice > 1) CHECK(off > 1e-3 * bound); /* it is no empty promise */
    mv_volume_free(T, &out);
    o.direct = 1;
    CHECK_OK(mv_tps_field(T, &out, grid, &t, &o));
    CHECK(bound == 0 && field_off(&t, &out, &longest) <= longest / 1048576);
    mv_volume_free(T, &out);
    mv_tps_free(T, &t);
}
static void tps_field(void) {
    mv_volume g;
    int i;
    t_seed(25);
    geometry(&g, 3, 3, 4, 2, 1, 1, 1);
    field_case(10, 3, &g, 0.01, 0);
    geometry(&g, 3, 1, 1, 1, 1, 1, 1);
    field_case(10, 3, &g, 0.01, 0);
    geometry(&g, 3, 70, 61, 40, 1.1, 1.2, 2.3);
    for (i = 0; i < 3; i++) field_case(40, 3, &g, pow(4, -i) * 0.4, 1);
    geometry(&g, 3, 90, 70, 1, 1, 0.9, 1); /* a plane in space */
    field_case(60, 3, &g, 0.05, 1);
    geometry(&g, 2, 211, 190, 1, 0.7, 0.9, 1);
    for (i = 0; i < 3; i++) field_case(50, 2, &g, pow(3, -i) * 0.1, 1);
    geometry(&g, 2, 400, 1, 1, 0.2, 1, 1);
    field_case(50, 2, &g, 0.1, 1);
}
static void tps_bits(void) { /* however many threads, and with strides */
    static const int threads[3] = {1, 2, 5};
    const size_t dim[5] = {50, 41, 31, 1, 3};
    const ptrdiff_t stride[5] = {1, 53, 53 * 42, 53 * 42 * 31, 53 * 42 * 31 + 1};
    float *room = (float *)malloc(sizeof *room * (53 * 42 * 31 + 1) * 3);
    mv_volume g, out[3], wide;
    mv_tps t[3];
    size_t i;
    int k;
    t_seed(26);
    scatter(60, 30, 5);
    geometry(&g, 3, 50, 41, 31, 1.1, 1.2, 2);
    memset(out, 0, sizeof out);
    for (k = 0; k < 3; k++) {
        mv_ctx c;
        mv_ctx_desc d;
        mv_tps_field_opt o = {0};
        double bound;
        memset(&d, 0, sizeof d);
        d.threads = threads[k];
        d.mem_alloc = T->desc.mem_alloc, d.mem_free = T->desc.mem_free, d.mem_user = T->desc.mem_user;
        o.tolerance = 0.3, o.bound = &bound;
        CHECK_OK(mv_ctx_init(&c, &d));
        CHECK_OK(mv_tps_init(&c, &t[k], P[0], P[1], P[2], Q[0], Q[1], Q[2], 60, NULL));
        CHECK_OK(mv_tps_field(&c, &out[k], &g, &t[k], &o));
        CHECK(bound > 0);
        CHECK(memcmp(t[k].table, t[0].table, 360 * sizeof(double)) == 0);
        CHECK(memcmp(out[k].data, out[0].data, mv_volume_count(&out[0]) * sizeof(float)) == 0);
        if (k == 2 && CHECK(room != NULL)) {
            CHECK_OK(mv_volume_wrap(&c, &wide, room, MEDVOL_F32, 5, dim, stride));
            CHECK_OK(mv_tps_field(&c, &wide, &g, &t[k], &o));
            for (i = 0; i < mv_volume_count(&out[0]); i++)
                if (room[i % 50 + 53 * (i / 50 % 41) + 53 * 42 * (i / 50 / 41 % 31) + (53 * 42 * 31 + 1) * (i / 50 / 41 / 31)] !=
                    ((float *)out[0].data)[i]) break;
            CHECK(i == mv_volume_count(&out[0]));
        }
        mv_ctx_free(&c);
    }
    for (k = 0; k < 3; k++) mv_volume_free(T, &out[k]), mv_tps_free(T, &t[k]);
    free(room);
    /* many landmarks: blocks of columns on all threads */
    {
        enum { N = 420 };
        static double p[6][N], o[3][N];
        int c;
        for (c = 0; c < 6; c++)
            for (i = 0; i < N; i++) p[c][i] = t_uniform(-50, 50) + (c > 2 ? p[c - 3][i] : 0);
        CHECK_OK(mv_tps_init(T, &t[0], p[0], p[1], p[2], p[3], p[4], p[5], N, NULL));
        CHECK_OK(mv_tps_points(T, &t[0], o[0], o[1], o[2], p[0], p[1], p[2], N));
        for (c = 0; c < 3; c++) CHECK(differ(o[c], p[c + 3], N) < 1e-9);
        mv_tps_free(T, &t[0]);
    }
}

/* ---- corrections ---- */
static void wave_field(mv_volume *v, const mv_volume *grid, int comps, mv_dtype type) {
    const size_t dim[5] = {grid->dim[0], grid->dim[1], grid->dim[2], 1, (size_t)comps};
    const size_t n = dim[0] * dim[1] * dim[2];
    size_t i;
    memset(v, 0, sizeof *v);
    CHECK_OK(mv_volume_alloc(T, v, type, 5, dim));
    memcpy(v->affine, grid->affine, sizeof v->affine);
    for (i = 0; i < n * (size_t)comps; i++) {
        const double x = (double)(i % n % dim[0]), y = (double)(i % n / dim[0] % dim[1]);
        const float u = (float)(2 * sin(0.11 * x + 0.3 * (double)(size_t)(i / n)) * cos(0.09 * y));
        if (type == MEDVOL_F32) ((float *)v->data)[i] = u;
        else ((double *)v->data)[i] = (double)u;
    }
}
static double reach(const mv_volume *field, size_t n, int axes) { /* how far points stay off their targets */
    double o[3][MOST], worst = 0;
    mv_transform t;
    size_t i;
    int c;
    memset(&t, 0, sizeof t);
    t.kind = MEDVOL_TRANSFORM_FIELD, t.field = field;
    CHECK_OK(mv_transform_points(T, o[0], o[1], o[2], P[0], P[1], P[2], n, &t, 1));
    for (i = 0; i < n; i++) {
        double d = 0;
        for (c = 0; c < axes; c++) d += (o[c][i] - Q[c][i]) * (o[c][i] - Q[c][i]);
        worst = fmax(worst, sqrt(d));
    }
    return worst;
}
static mv_status correct(mv_volume *dst, const mv_volume *field, size_t n, int axes,
    const mv_correct_opt *o) {
    return mv_field_correct(T, dst, field, P[0], P[1], axes == 3 ? P[2] : NULL, Q[0], Q[1],
        axes == 3 ? Q[2] : NULL, n, o);
}
static void corrections(void) {
    static const int threads[3] = {1, 2, 5};
    mv_correct_report r;
    mv_correct_opt o = {0};
    mv_volume g, field, wide, out = {0}, same = {0};
    size_t i, n, changed;
    int axes, c, k;
    t_seed(31);
    for (axes = 2; axes <= 3; axes++) {
        geometry(&g, axes, 60, 50, axes == 3 ? 33 : 1, 1.1, 1.3, axes == 3 ? 2.1 : 1);
        wave_field(&field, &g, axes, MEDVOL_F32), wave_field(&wide, &g, axes, MEDVOL_F64);
        n = 12;
        scatter(n, 18, 3);
        for (c = 0; c < 3; c++) { /* outside: the nearest voxel counts */
            P[c][0] = g.affine[4 * c + 3] - 3 * g.affine[4 * c] + g.affine[4 * c + 1] * 8.5;
            Q[c][0] = P[c][0] + 1;
        }
        if (axes == 2)
            for (i = 0; i < n; i++) P[2][i] = 0;
        o.radius = 22, o.report = &r; /* bumps overlap */
        CHECK_OK(correct(&out, &field, n, axes, &o));
        CHECK(reach(&field, n, axes) > 1 && reach(&out, n, axes) < 5e-5);
        CHECK(r.residual < 5e-5 && r.before == 0);
        CHECK_OK(correct(&same, &wide, n, axes, &o));
        CHECK(memcmp(same.data, out.data, mv_volume_count(&out) * sizeof(float)) == 0);
        for (k = 0; k < 3; k++) {
            mv_ctx ctx;
            mv_ctx_desc d;
            memset(&d, 0, sizeof d);
            d.threads = threads[k];
            d.mem_alloc = T->desc.mem_alloc, d.mem_free = T->desc.mem_free, d.mem_user = T->desc.mem_user;
            CHECK_OK(mv_ctx_init(&ctx, &d));
            CHECK_OK(mv_field_correct(&ctx, &same, &field, P[0], P[1], axes == 3 ? P[2] : NULL, Q[0], Q[1],
                axes == 3 ? Q[2] : NULL, n, &o));
            CHECK(memcmp(same.data, out.data, mv_volume_count(&out) * sizeof(float)) == 0);
            mv_ctx_free(&ctx);
        }
        mv_volume_free(T, &same);
        o.report = NULL;
        CHECK_OK(correct(&field, &field, n, axes, &o));
        CHECK(memcmp(field.data, out.data, mv_volume_count(&out) * sizeof(float)) == 0);
        mv_volume_free(T, &out);
        /* one narrow bump leaves the rest alone; nothing to correct changes nothing */
        for (c = 0; c < 3; c++) P[c][0] = g.affine[4 * c] * 20.3 + g.affine[4 * c + 1] * 24.8 + g.affine[4 * c + 2] * (axes == 3 ? 15.5 : 0) + g.affine[4 * c + 3], Q[c][0] = P[c][0] + 2;
        o.radius = 12;
        CHECK_OK(correct(&out, &field, 1, axes, &o));
        CHECK(reach(&out, 1, axes) < 5e-5);
        for (changed = 0, i = 0; i < mv_volume_count(&out); i++)
            changed += ((float *)out.data)[i] != ((float *)field.data)[i];
        CHECK(changed > 30 && changed < mv_volume_count(&out) / 4);
        CHECK_OK(correct(&out, &field, 0, axes, &o));
        CHECK(memcmp(out.data, field.data, mv_volume_count(&out) * sizeof(float)) == 0);
        /* a bump that is too narrow for its way folds, and says so */
        Q[0][0] = P[0][0] + 25;
        o.report = &r;
        CHECK_OK(correct(&out, &field, 1, axes, &o));
        CHECK(r.folded > 0 && r.residual < 5e-5);
        mv_volume_free(T, &out), mv_volume_free(T, &field), mv_volume_free(T, &wide);
    }
}
static void corrections_refused(void) {
    mv_correct_opt o = {0};
    mv_volume g, field, out = {0};
    size_t i;
    t_seed(32);
    geometry(&g, 3, 20, 18, 16, 1.5, 1.5, 2);
    wave_field(&field, &g, 3, MEDVOL_F32);
    scatter(10, 10, 2);
    CHECK_STATUS(correct(&out, &field, 10, 3, NULL), MEDVOL_E_RANGE);
    CHECK_STATUS(correct(&out, &field, 10, 3, &o), MEDVOL_E_RANGE);
    o.radius = NAN;
    CHECK_STATUS(correct(&out, &field, 10, 3, &o), MEDVOL_E_RANGE);
    o.radius = 20;
    CHECK_STATUS(correct(NULL, &field, 10, 3, &o), MEDVOL_E_NULL);
    CHECK_STATUS(correct(&out, NULL, 10, 3, &o), MEDVOL_E_NULL);
    CHECK_STATUS(correct(&out, &field, 10, 2, &o), MEDVOL_E_SHAPE);
    CHECK_STATUS(correct(&out, &field, 5000, 3, &o), MEDVOL_E_SIZE);
    CHECK_STATUS(mv_field_correct(T, &out, &field, P[0], P[1], P[2], Q[0], NULL, Q[2], 10, &o),
        MEDVOL_E_NULL);
    for (i = 0; i < 3; i++) P[i][7] = P[i][2];
    CHECK_STATUS(correct(&out, &field, 10, 3, &o), MEDVOL_E_SINGULAR);
    CHECK(strstr(mv_message(T), "point") != NULL);
    P[1][7] = NAN;
    CHECK_STATUS(correct(&out, &field, 10, 3, &o), MEDVOL_E_RANGE);
    for (i = 0; i < mv_volume_count(&field); i++) ((float *)field.data)[i] = NAN;
    CHECK_STATUS(correct(&out, &field, 5, 3, &o), MEDVOL_E_RANGE);
    CHECK(out.data == NULL);
    mv_volume_free(T, &field);
}

/* ---- phase correlation ---- */
enum { BLOBS = 900 };
static double blob[BLOBS][5];
static void blobs(int n, double extent, double least) {
    int i, k;
    for (i = 0; i < n; i++) {
        for (k = 0; k < 3; k++) blob[i][k] = t_uniform(-extent, extent);
        blob[i][3] = t_uniform(least, 2.5 * least);
        blob[i][4] = t_uniform(40, 200) * (i % 3 ? 1 : -1);
    }
}
static void seen(mv_volume *v, int n, int ndim, size_t x, size_t y, size_t z, const double *affine,
    const double *from) {
    /* voxel values are those at from(world) */
    const size_t dim[3] = {x, y, z};
    double back[12], m[12], inverse[12];
    float *f;
    size_t i;
    int b, k;
    memset(v, 0, sizeof *v);
    CHECK_OK(mv_volume_alloc(T, v, MEDVOL_F32, ndim, dim));
    memcpy(v->affine, affine, sizeof v->affine);
    f = (float *)v->data;
    memset(f, 0, x * y * z * sizeof *f);
    mv_affine_mul(m, from, affine);
    CHECK_OK(mv_affine_invert(inverse, m));
    memcpy(back, m, sizeof back);
    for (b = 0; b < n; b++) { /* each blob where it is seen */
        const double at[3] = {blob[b][0], blob[b][1], ndim == 3 ? blob[b][2] : 0};
        double q[3], size[3];
        size_t lo[3], hi[3];
        int none = 0;
        mv_affine_apply(q, inverse, at);
        for (k = 0; k < 3; k++) {
            const double s = 5 * blob[b][3];
            size[k] = s * sqrt(inverse[4 * k] * inverse[4 * k] + inverse[4 * k + 1] * inverse[4 * k + 1] +
                inverse[4 * k + 2] * inverse[4 * k + 2]);
            if (k == 2 && ndim == 2) { lo[k] = hi[k] = 0; continue; }
            if (q[k] + size[k] < 0 || q[k] - size[k] > (double)(dim[k] - 1)) none = 1;
            lo[k] = q[k] - size[k] > 0 ? (size_t)(q[k] - size[k]) : 0;
            hi[k] = q[k] + size[k] < (double)(dim[k] - 1) ? (size_t)fmax(q[k] + size[k], 0) : dim[k] - 1;
        }
        if (none) continue;
        for (i = 0; i < (hi[0] - lo[0] + 1) * (hi[1] - lo[1] + 1) * (hi[2] - lo[2] + 1); i++) {
            const size_t w[3] = {lo[0] + i % (hi[0] - lo[0] + 1),
                lo[1] + i / (hi[0] - lo[0] + 1) % (hi[1] - lo[1] + 1),
                lo[2] + i / (hi[0] - lo[0] + 1) / (hi[1] - lo[1] + 1)};
            const double u[3] = {(double)w[0], (double)w[1], (double)w[2]};
            double p[3], r = 0;
            mv_affine_apply(p, back, u);
            for (k = 0; k < ndim; k++) r += (p[k] - at[k]) * (p[k] - at[k]);
            f[w[0] + x * (w[1] + y * w[2])] += (float)(blob[b][4] * exp(-r / (2 * blob[b][3] * blob[b][3])));
        }
    }
}
static void noise(mv_volume *v, double sd) {
    size_t i;
    for (i = 0; i < mv_volume_count(v); i++) ((float *)v->data)[i] += (float)(sd * t_normal());
}
static void spaced(double *a, double sx, double sy, double sz, double ox, double oy, double oz) {
    memset(a, 0, 12 * sizeof *a);
    a[0] = sx, a[5] = sy, a[10] = sz, a[3] = ox, a[7] = oy, a[11] = oz;
}
/* the greatest distance, in mm, between two maps over a cube of side 2 reach */
static double maps_apart(const double *a, const double *b, double reach_mm, int flat) {
    double worst = 0;
    int i, k;
    for (i = 0; i < 8; i++) {
        double p[3], x[3], y[3], d = 0;
        for (k = 0; k < 3; k++) p[k] = i >> k & 1 ? reach_mm : -reach_mm;
        if (flat) p[2] = 0;
        mv_affine_apply(x, a, p), mv_affine_apply(y, b, p);
        for (k = 0; k < 3; k++) d += (x[k] - y[k]) * (x[k] - y[k]);
        worst = fmax(worst, sqrt(d));
    }
    return worst;
}
static void phase_shifts(void) { /* to 0.02 voxel, other sizes, anisotropic voxels, noise */
    static const double way[4][3] = {{3.3, -2.75, 1.6}, {0, 0, 0}, {-14.37, 9.81, 5.5}, {21.5, 14.25, -7.3}};
    double t[12], a[12], b[12], back[12], got[12], id[12], off;
    mv_register_phase_opt o = {0};
    mv_phase_report r;
    mv_volume f, m;
    int i, k, ndim;
    o.report = &r;
    mv_affine_identity(id);
    t_seed(41);
    for (ndim = 2; ndim <= 3; ndim++)
        for (i = 0; i < 4; i++) {
            blobs(ndim == 2 ? 400 : 700, 60, ndim == 2 ? 1.2 : 1.6);
            mv_affine_identity(t);
            for (k = 0; k < ndim; k++) t[4 * k + 3] = way[i][k];
            CHECK_OK(mv_affine_invert(back, t));
            spaced(a, 1, ndim == 2 ? 1.4 : 0.9, ndim == 2 ? 1 : 1.5, -40, -40, ndim == 2 ? 0 : -25);
            memcpy(b, a, sizeof b);
            b[3] += 4; /* a grid that begins elsewhere */
            seen(&f, ndim == 2 ? 400 : 700, ndim, ndim == 2 ? 90 : 64, ndim == 2 ? 64 : 60,
                ndim == 2 ? 1 : 40, a, id);
            seen(&m, ndim == 2 ? 400 : 700, ndim, ndim == 2 ? 80 : 60, 60, ndim == 2 ? 1 : 36, b, back);
            noise(&f, 2), noise(&m, 2);
            CHECK_OK(mv_register_phase(T, got, &f, &m, &o));
            for (off = 0, k = 0; k < ndim; k++) off = fmax(off, fabs(got[4 * k + 3] - way[i][k]) / a[5 * k]);
            if (!CHECK(off < 0.02)) printf("%d-D, shift %d: %g voxels off\n", ndim, i, off);
            if (!CHECK(r.confidence > 1.2 && r.ncc > 0.9 && r.overlap > 0.3 && r.overlap <= 1))
                printf("%d-D, shift %d: confidence %g, r %g, overlap %g\n", ndim, i, r.confidence, r.ncc,
                    r.overlap);
            CHECK_NEAR(r.degrees, 0, 1e-6);
            CHECK_NEAR(r.scale, 1, 1e-6);
            mv_volume_free(T, &f), mv_volume_free(T, &m);
        }
}
static void phase_grids(void) { /* a moving image on other axes and of another spacing */
    double t[12], a[12], b[12], back[12], got[12], id[12], off;
    mv_volume f, m, g;
    mv_affine_identity(id);
    t_seed(42);
    blobs(700, 60, 2.5);
    mv_affine_identity(t);
    t[3] = 5.2, t[7] = -3.4, t[11] = 4.6;
    CHECK_OK(mv_affine_invert(back, t));
    geometry(&g, 3, 50, 60, 44, 1.2, 1.1, 1.3);
    memcpy(b, g.affine, sizeof b);
    b[7] -= 20, b[11] -= 40; /* about the origin */
    spaced(a, -1, 1.1, 1.2, 30, -33, -26);
    seen(&f, 700, 3, 60, 60, 44, a, id);
    seen(&m, 700, 3, 50, 60, 44, b, back);
    CHECK_OK(mv_register_phase(T, got, &f, &m, NULL));
    off = maps_apart(got, t, 20, 0);
    if (!CHECK(off < 0.1)) printf("%g mm off\n", off);
    mv_volume_free(T, &f), mv_volume_free(T, &m);
}
static void phase_turns(void) { /* rotations to 0.1 degree, scales to 0.2 % */
    static const double turn[5] = {0, 17.3, -64.8, 121, 179.5}, scale[5] = {1, 1, 1.23, 0.85, 1};
    double t[12], a[12], b[12], back[12], got[12], id[12];
    mv_register_phase_opt o = {0};
    mv_phase_report r;
    mv_volume f, m;
    int i, k;
    mv_affine_identity(id);
    o.rotation = 1;
    o.report = &r;
    t_seed(43);
    for (k = 0; k < 2; k++)
        for (i = 0; i < 5; i++) {
            blobs(900, 110, 1.4);
            rotation(t, turn[i], upright, scale[i]);
            t[3] = 6.3, t[7] = -4.1, t[11] = 0, t[10] = 1;
            o.scale = scale[i] != 1 || i == 0;
            CHECK_OK(mv_affine_invert(back, t));
            spaced(a, 1, 1, 1, -64, -60, 0);
            spaced(b, 1, 1, 1, -64, -60, 0);
            if (k) spaced(a, 1, -1.25, 1, -64, 60, 0), spaced(b, 0.9, 1.1, 1, -60, -60, 0);
            seen(&f, 900, 2, 128, k ? 96 : 120, 1, a, id);
            seen(&m, 900, 2, k ? 133 : 128, k ? 110 : 120, 1, b, back);
            noise(&f, 2), noise(&m, 2);
            CHECK_OK(mv_register_phase(T, got, &f, &m, &o));
            if (!CHECK(fabs(remainder(r.degrees - turn[i], 360)) < 0.1) ||
                !CHECK(fabs(r.scale / scale[i] - 1) < 0.002) ||
                !CHECK(maps_apart(got, t, 30, 1) < 0.2))
                printf("turn %g scale %g: %g %g, %g off, confidence %g ncc %g\n", turn[i], scale[i],
                    r.degrees, r.scale,
                    maps_apart(got, t, 30, 1), r.confidence, r.ncc);
            mv_volume_free(T, &f), mv_volume_free(T, &m);
        }
}
static void phase_masked(void) { /* 40 % missing in each image, elsewhere in each */
    double t[12], a[12], back[12], got[12], id[12], off;
    mv_register_phase_opt o = {0};
    mv_phase_report r;
    mv_volume f, m, wf = {0}, wm = {0};
    size_t i, n;
    int ndim, k;
    mv_affine_identity(id);
    o.report = &r;
    t_seed(44);
    for (ndim = 2; ndim <= 3; ndim++)
        for (k = 0; k < 2; k++) {
            const size_t x = ndim == 2 ? 90 : 40, y = ndim == 2 ? 80 : 44, z = ndim == 2 ? 1 : 36;
            blobs(ndim == 2 ? 400 : 700, 60, 2);
            mv_affine_identity(t);
            t[3] = 11.4, t[7] = -7.25, t[11] = ndim == 3 ? 6.7 : 0;
            CHECK_OK(mv_affine_invert(back, t));
            spaced(a, 1, 1.2, 1, -40, -45, ndim == 2 ? 0 : -20);
            seen(&f, ndim == 2 ? 400 : 700, ndim, x, y, z, a, id);
            seen(&m, ndim == 2 ? 400 : 700, ndim, x, y, z, a, back);
            CHECK_OK(mv_volume_alloc(T, &wf, MEDVOL_U8, ndim, f.dim));
            CHECK_OK(mv_volume_alloc(T, &wm, MEDVOL_U8, ndim, f.dim));
            n = mv_volume_count(&f);
            for (i = 0; i < n; i++) { /* both miss the same places of the grid, where something else stands */
                const size_t u = i % x, v = i / x % y;
                const int hole = u * 10 / x >= 2 && u * 10 / x < 6;
                ((uint8_t *)wf.data)[i] = !hole;
                ((uint8_t *)wm.data)[i] = !(v * 10 / y >= 6);
                if (hole) ((float *)f.data)[i] = k ? NAN : 3000;
                if (v * 10 / y >= 6) ((float *)m.data)[i] = k ? NAN : -2500;
            }
            o.fixed_mask = k ? NULL : &wf, o.moving_mask = k ? NULL : &wm, o.masked = k;
            CHECK_OK(mv_register_phase(T, got, &f, &m, &o));
            off = maps_apart(got, t, 20, ndim == 2);
            if (!CHECK(off < 0.06)) printf("masked %d-D: %g off, r %g, %g\n", ndim, off, r.peak,
                r.confidence);
            CHECK(r.peak > 0.95 && r.confidence > 1.2 && r.overlap >= 0.25 && r.overlap <= 1);
            mv_volume_free(T, &f), mv_volume_free(T, &m), mv_volume_free(T, &wf), mv_volume_free(T, &wm);
        }
}
static void phase_refused(void) {
    const size_t dim[3] = {20, 18, 16}, one[3] = {20, 1, 16};
    double a[12], keep[12], id[12];
    mv_register_phase_opt o = {0};
    mv_volume f, m, w = {0}, thin = {0}, flat = {0}, c = {0};
    size_t i;
    int k;
    t_seed(45);
    blobs(100, 12, 2);
    mv_affine_identity(id);
    for (k = 0; k < 12; k++) a[k] = keep[k] = 5;
    seen(&f, 100, 3, 20, 18, 16, id, id);
    seen(&m, 100, 3, 20, 18, 16, id, id);
    CHECK_OK(mv_volume_alloc(T, &flat, MEDVOL_F32, 2, dim));
    CHECK_OK(mv_volume_alloc(T, &thin, MEDVOL_F32, 3, one));
    CHECK_OK(mv_volume_alloc(T, &w, MEDVOL_U8, 3, dim));
    CHECK_OK(mv_volume_alloc(T, &c, MEDVOL_C64, 3, dim));
    memset(w.data, 0, mv_volume_count(&w));
    for (i = 0; i < mv_volume_count(&flat); i++) ((float *)flat.data)[i] = (float)t_normal();
    CHECK_STATUS(mv_register_phase(T, NULL, &f, &m, NULL), MEDVOL_E_NULL);
    CHECK_STATUS(mv_register_phase(T, a, NULL, &m, NULL), MEDVOL_E_NULL);
    CHECK_STATUS(mv_register_phase(T, a, &f, NULL, NULL), MEDVOL_E_NULL);
    CHECK_STATUS(mv_register_phase(T, a, &f, &c, NULL), MEDVOL_E_DTYPE);
    CHECK_STATUS(mv_register_phase(T, a, &f, &flat, NULL), MEDVOL_E_SHAPE);
    CHECK_STATUS(mv_register_phase(T, a, &thin, &m, NULL), MEDVOL_E_SIZE);
    o.overlap = NAN;
    CHECK_STATUS(mv_register_phase(T, a, &f, &m, &o), MEDVOL_E_RANGE);
    o.overlap = 0, o.upsample = 1001;
    CHECK_STATUS(mv_register_phase(T, a, &f, &m, &o), MEDVOL_E_RANGE);
    o.upsample = 0, o.rotation = 1;
    CHECK_STATUS(mv_register_phase(T, a, &f, &m, &o), MEDVOL_E_UNSUPPORTED);
    o.masked = 1;
    CHECK_STATUS(mv_register_phase(T, a, &flat, &flat, &o), MEDVOL_E_UNSUPPORTED);
    o.masked = 0, o.rotation = 0, o.scale = 1;
    CHECK_STATUS(mv_register_phase(T, a, &flat, &flat, &o), MEDVOL_E_UNSUPPORTED);
    o.rotation = 1, flat.affine[1] = 0.2;
    CHECK_STATUS(mv_register_phase(T, a, &flat, &flat, &o), MEDVOL_E_UNSUPPORTED);
    flat.affine[1] = 0, o.rotation = o.scale = 0;
    o.fixed_mask = &w; /* empty, then of another place than the other's */
    CHECK_STATUS(mv_register_phase(T, a, &f, &m, &o), MEDVOL_E_EMPTY);
    for (i = 0; i < mv_volume_count(&w); i++) ((uint8_t *)w.data)[i] = i % 20 < 2;
    o.overlap = 1;
    CHECK_OK(mv_register_phase(T, a, &f, &m, &o));
    CHECK(maps_apart(a, id, 5, 0) < 0.2);
    for (k = 0; k < 12; k++) a[k] = 5;
    o.moving_mask = &w;
    { /* a comb against a slab: no shift lays one on the other whole */
        mv_volume other = {0};
        CHECK_OK(mv_volume_copy(T, &other, &w));
        for (i = 0; i < mv_volume_count(&w); i++) {
            ((uint8_t *)w.data)[i] = i % 20 % 4 == 0;
            ((uint8_t *)other.data)[i] = i % 20 < 5;
        }
        o.moving_mask = &other;
        CHECK_STATUS(mv_register_phase(T, a, &f, &m, &o), MEDVOL_E_EMPTY);
        mv_volume_free(T, &other);
    }
    memset(&o, 0, sizeof o);
    for (i = 0; i < mv_volume_count(&m); i++) ((float *)m.data)[i] = 8;
    for (o.masked = 0; o.masked < 2; o.masked++)
        CHECK_STATUS(mv_register_phase(T, a, &f, &m, &o), MEDVOL_E_SINGULAR);
    CHECK(strstr(mv_message(T), "moving is constant") != NULL);
    for (i = 0; i < mv_volume_count(&m); i++) ((float *)m.data)[i] = NAN;
    CHECK_STATUS(mv_register_phase(T, a, &f, &m, NULL), MEDVOL_E_EMPTY);
    f.affine[0] = 0;
    CHECK_STATUS(mv_register_phase(T, a, &f, &f, NULL), MEDVOL_E_SINGULAR);
    CHECK(differ(a, keep, 12) == 0);
    mv_volume_free(T, &f), mv_volume_free(T, &m), mv_volume_free(T, &w), mv_volume_free(T, &thin);
    mv_volume_free(T, &flat), mv_volume_free(T, &c);
}
const t_case tests_landmarks[] = {{"fits", fits, 0}, {"fits_least", fits_least, 0}, {"fits_refused",
    fits_refused, 0},
    {"tps_exact", tps_exact, 0}, {"tps_scipy", tps_scipy, 0}, {"tps_smooth", tps_smooth, 0},
    {"tps_bending", tps_bending, T_ONCE}, {"tps_refused", tps_refused, 0}, {"tps_field", tps_field, 0},
    {"tps_bits", tps_bits, 0}, {"corrections", corrections, 0}, {"corrections_refused", corrections_refused,
        0},
    {"phase_shifts", phase_shifts, 0}, {"phase_grids", phase_grids, 0}, {"phase_turns", phase_turns, 0},
    {"phase_masked", phase_masked, 0}, {"phase_refused", phase_refused, 0}, {0}};
