/* test_field_made.c - links of a chain for which a field is made first: velocities, the other way through
   fields and splines. Against closed forms (exponentials and inverses of affine maps), and there and back. */
#include "test.h"

/* ---- maps in closed form: p -> m p ---- */
static const double slope[12] = {0.06, -0.08, 0.03, 0.4, 0.07, -0.05, 0.02, -0.3, -0.04, 0.03, 0.08, 0.2},
                    flat_slope[12] = {0.06, -0.08, 0, 0.4, 0.07, -0.05, 0, -0.3, 0, 0, 0, 0};
static void exponential(double *e, const double *v, double sign) { /* the series of the 4 x 4 matrix */
    double term[16] = {1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1}, sum[16], next[16];
    int n, r, c, k;
    memcpy(sum, term, sizeof sum);
    for (n = 1; n < 30; n++) {
        for (r = 0; r < 4; r++)
            for (c = 0; c < 4; c++)
                for (next[4 * r + c] = 0, k = 0; k < 4; k++)
                    next[4 * r + c] += (r < 3 ? sign * v[4 * r + k] : 0) * term[4 * k + c] / n;
        memcpy(term, next, sizeof term);
        for (k = 0; k < 16; k++) sum[k] += term[k];
    }
    memcpy(e, sum, 12 * sizeof *e);
}
/* a field of u(p) = s p on a grid that is oblique, anisotropic and left-handed, about the origin; in the
   plane two components on axes in world x, y */
static mv_volume field_of(const double *s, int plane) {
    static const double turn[9] = {0.9, -0.15, 0.1, 0.2, -0.8, -0.1, 0.05, 0.15, 1.1};
    size_t dim[5] = {41, 45, 37, 1, 3}, i, j, k, c;
    mv_volume v = {0};
    int r;
    if (plane) dim[2] = 1, dim[4] = 2;
    CHECK_OK(mv_volume_alloc(T, &v, MEDVOL_F32, 5, dim));
    for (r = 0; r < 9; r++) v.affine[r / 3 * 4 + r % 3] = turn[r];
    if (plane) v.affine[2] = v.affine[6] = v.affine[8] = v.affine[9] = 0;
    for (r = 0; r < 3; r++)
        for (c = 0; c < 3; c++) v.affine[4 * r + 3] -= v.affine[4 * r + (int)c] * 0.5 * (double)(dim[c] - 1);
    for (k = 0; k < dim[2]; k++)
        for (j = 0; j < dim[1]; j++)
            for (i = 0; i < dim[0]; i++) {
                double p[3] = {(double)i, (double)j, (double)k}, u[3];
                mv_affine_apply(p, v.affine, p);
                mv_affine_apply(u, s, p);
                for (c = 0; c < dim[4]; c++)
                    ((float *)v.data)[i + dim[0] * (j + dim[1] * (k + dim[2] * c))] = (float)u[c];
            }
    return v;
}
static void wave(mv_volume *v, double most) { /* smooth and of no closed form */
    size_t i, n = mv_volume_count(v) / v->dim[4], c;
    for (c = 0; c < v->dim[4]; c++)
        for (i = 0; i < n; i++) {
            const double x = (double)(i % v->dim[0]) / (double)v->dim[0],
                         y = (double)(i / v->dim[0] % v->dim[1]) / (double)v->dim[1],
                         z = (double)(i / (v->dim[0] * v->dim[1])) / (double)v->dim[2];
            ((float *)v->data)[c * n + i] =
                (float)(most * sin(5 * x + 2 * (double)c) * cos(4 * y - (double)c) * cos(3 * z + 1));
        }
}
static mv_transform link_of(mv_transform_kind kind, const mv_volume *f, int inverse) {
    mv_transform t;
    memset(&t, 0, sizeof t);
    t.kind = kind, t.field = f, t.inverse = inverse;
    return t;
}
enum { POINTS = 200 };
static double px[3][POINTS];
static void points(double reach, int plane) {
    int i, r;
    for (i = 0; i < POINTS; i++)
        for (r = 0; r < 3; r++) px[r][i] = plane && r == 2 ? 0 : t_uniform(-reach, reach);
}
/* how far the chain takes points from where m would */
static double away(const mv_transform *t, size_t n, const double *m) {
    double q[3][POINTS], worst = 0;
    int i, r;
    CHECK_OK(mv_transform_points(T, q[0], q[1], q[2], px[0], px[1], px[2], POINTS, t, n));
    for (i = 0; i < POINTS; i++) {
        double p[3];
        for (r = 0; r < 3; r++) p[r] = px[r][i];
        mv_affine_apply(p, m, p);
        for (r = 0; r < 3; r++) worst = q[r][i] == q[r][i] ? fmax(worst, fabs(p[r] - q[r][i])) : HUGE_VAL;
    }
    return worst;
}

/* exp of a linear velocity is the exponential of its matrix, the other way that of its negative */
static void test_velocity(void) {
    int plane, inverse;
    t_seed(61);
    for (plane = 0; plane < 2; plane++)
        for (inverse = 0; inverse < 2; inverse++) {
            const double *s = plane ? flat_slope : slope;
            mv_volume f = field_of(s, plane);
            mv_transform t = link_of(MEDVOL_TRANSFORM_VELOCITY, &f, inverse);
            double m[12], still[12];
            exponential(m, s, inverse ? -1 : 1);
            mv_affine_identity(still);
            points(6, plane);
            CHECK(away(&t, 1, m) < 2e-4);
            CHECK(away(&t, 1, still) > 0.4); /* it does move them */
            mv_volume_free(T, &f);
        }
}
/* T(p) = (1 + s) p has a matrix that is its inverse */
static void test_inverse_field(void) {
    int plane;
    t_seed(62);
    for (plane = 0; plane < 2; plane++) {
        const double *s = plane ? flat_slope : slope;
        mv_volume f = field_of(s, plane);
        mv_transform t = link_of(MEDVOL_TRANSFORM_FIELD, &f, 1);
        double m[12], forth[12];
        int r;
        for (r = 0; r < 12; r++) forth[r] = s[r] + (r % 5 == 0 ? 1 : 0);
        CHECK_OK(mv_affine_invert(m, forth));
        points(6, plane);
        CHECK(away(&t, 1, m) < 1e-5);
        CHECK(away(&t, 1, forth) > 0.4);
        mv_volume_free(T, &f);
    }
}
/* there and back, of every kind, in either order: to what sampling a field loses */
static void test_there_and_back(void) {
    static const size_t knots[5] = {9, 8, 7, 1, 3};
    static const mv_transform_kind kinds[3] = {MEDVOL_TRANSFORM_FIELD, MEDVOL_TRANSFORM_VELOCITY,
        MEDVOL_TRANSFORM_BSPLINE};
    mv_volume dense = field_of(slope, 0), coarse = {0};
    double still[12];
    int k, order, r;
    t_seed(63);
    wave(&dense, 1.5);
    CHECK_OK(mv_volume_alloc(T, &coarse, MEDVOL_F32, 5, knots));
    wave(&coarse, 1.5);
    for (r = 0; r < 3; r++) {
        coarse.affine[5 * r] = r == 1 ? -6 : 6;
        coarse.affine[4 * r + 3] = r == 1 ? 20 : -20;
    }
    mv_affine_identity(still);
    points(8, 0);
    for (k = 0; k < 3; k++)
        for (order = 0; order < 2; order++) {
            const mv_volume *f = kinds[k] == MEDVOL_TRANSFORM_BSPLINE ? &coarse : &dense;
            mv_transform t[2];
            t[order] = link_of(kinds[k], f, 0);
            t[!order] = link_of(kinds[k], f, 1);
            CHECK(away(t, 2, still) < 2e-2);
            CHECK(away(t, 1, still) > 0.2);
        }
    mv_volume_free(T, &dense), mv_volume_free(T, &coarse);
}
/* warps and fields follow the same chain as points do */
static void test_all_calls(void) {
    static const size_t n[3] = {14, 12, 10}, big[3] = {40, 40, 40};
    mv_volume f = field_of(slope, 0), grid = {0}, src = {0}, moved = {0}, out = {0};
    mv_transform t[3];
    double x[3][1680], worst[2] = {0, 0};
    size_t i, at = 0;
    int r;
    wave(&f, 1.2);
    CHECK_OK(mv_volume_alloc(T, &grid, MEDVOL_U8, 3, n));
    CHECK_OK(mv_volume_alloc(T, &src, MEDVOL_F32, 3, big));
    for (r = 0; r < 3; r++) grid.affine[4 * r + 3] = -0.5 * (double)n[r], src.affine[4 * r + 3] = -20;
    for (i = 0; i < 64000; i++) /* linear in mm */
        ((float *)src.data)[i] = (float)(2.0 * ((double)(i % 40) - 20) - ((double)(i / 40 % 40) - 20) +
            0.5 * ((double)(i / 1600) - 20));
    t[0] = link_of(MEDVOL_TRANSFORM_VELOCITY, &f, 0);
    t[1] = link_of(MEDVOL_TRANSFORM_FIELD, &f, 1);
    t[2] = link_of(MEDVOL_TRANSFORM_VELOCITY, &f, 1);
    for (i = 0; i < 1680; i++) {
        double p[3] = {(double)(i % 14), (double)(i / 14 % 12), (double)(i / 168)};
        mv_affine_apply(p, grid.affine, p);
        for (r = 0; r < 3; r++) x[r][i] = p[r];
    }
    CHECK_OK(mv_transform_points(T, x[0], x[1], x[2], x[0], x[1], x[2], 1680, t, 3));
    CHECK_OK(mv_transform_field(T, &moved, &grid, t, 3));
    CHECK_OK(mv_warp(T, &out, &src, &grid, t, 3, NULL));
    for (at = 0; at < 1680; at++) {
        double p[3] = {(double)(at % 14), (double)(at / 14 % 12), (double)(at / 168)};
        mv_affine_apply(p, grid.affine, p);
        for (r = 0; r < 3; r++) {
            const double u = (double)((float *)moved.data)[1680 * (size_t)r + at];
            worst[0] = fmax(worst[0], fabs(p[r] + u - x[r][at]));
        }
        worst[1] = fmax(worst[1],
            fabs(2 * x[0][at] - x[1][at] + 0.5 * x[2][at] - (double)((float *)out.data)[at]));
    }
    CHECK(worst[0] < 2e-5);
    CHECK(worst[1] < 1e-4);
    mv_volume_free(T, &f), mv_volume_free(T, &grid), mv_volume_free(T, &src), mv_volume_free(T, &moved);
    mv_volume_free(T, &out);
}

const t_case tests_field_made[] = {
    {"velocity", test_velocity, 0},
    {"inverse_field", test_inverse_field, 0},
    {"there_and_back", test_there_and_back, 0},
    {"all_calls", test_all_calls, 0},
    {NULL, NULL, 0},
};
