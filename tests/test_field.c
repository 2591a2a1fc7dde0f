/* test_field.c - [FIELD] against the definitions in double: fields and splines are sums over all of their
   voxels, chains are followed point by point. Peers' numbers carry the peer's name. */
#include "test.h"

/* ---- oracle ---- */
static double o_stored(const mv_volume *v, size_t i, size_t j, size_t k, size_t more) { /* a real value */
    size_t at =
        i + j * (v->ndim > 1 ? (size_t)v->stride[1] : 0) + k * (v->ndim > 2 ? (size_t)v->stride[2] : 0);
    double x, slope = v->slope != 0 ? v->slope : 1;
    int d;
    for (d = 3; d < v->ndim; d++) {
        at += more % v->dim[d] * (size_t)v->stride[d];
        more /= v->dim[d];
    }
    x = t_value(v->data, v->dtype, at);
    return slope == 1 && v->inter == 0 ? x : x * slope + v->inter;
}
static size_t o_clamp(double i, size_t n) { return i < 0 ? 0 : i > (double)n - 1 ? n - 1 : (size_t)i; }
static double o_b3(double d) { /* the cubic B-spline */
    double t = fabs(d);
    return t < 1 ? 2.0 / 3 - t * t + t * t * t / 2 : t < 2 ? (2 - t) * (2 - t) * (2 - t) / 6 : 0;
}
/* the value at q: hats over all voxels, or splines over all coefficients, the outermost repeated without end
   */
static double o_sum(const mv_volume *v, const double *q, size_t more, int spline) {
    double w[3][64] = {{0}}, sum = 0;
    size_t i, j, k, n[3];
    int r, t;
    for (r = 0; r < 3; r++) {
        n[r] = r < v->ndim ? v->dim[r] : 1;
        for (i = 0; i < n[r]; i++) w[r][i] = 0;
        if (spline) /* by the 4 taps around q, whichever coefficient stands there */
            for (t = -1; t <= 2; t++) w[r][o_clamp(floor(q[r]) + t, n[r])] += o_b3(q[r] - (floor(q[r]) + t));
        else
            for (i = 0; i < n[r]; i++) {
                double x = q[r] < 0 ? 0 : q[r] > (double)n[r] - 1 ? (double)n[r] - 1 : q[r];
                w[r][i] = fmax(0, 1 - fabs(x - (double)i));
            }
    }
    for (k = 0; k < n[2]; k++)
        for (j = 0; j < n[1]; j++)
            for (i = 0; w[2][k] * w[1][j] != 0 && i < n[0]; i++)
                if (w[0][i] != 0) sum += w[2][k] * w[1][j] * w[0][i] * o_stored(v, i, j, k, more);
    return sum;
}
static void o_chain(double *p, const mv_transform *t, size_t n) { /* affines, fields and splines */
    size_t i, c;
    for (i = 0; i < n; i++) {
        double q[3];
        if (t[i].kind == MEDVOL_TRANSFORM_AFFINE) {
            double m[12];
            memcpy(m, t[i].affine, sizeof m);
            if (t[i].inverse) mv_affine_invert(m, m);
            mv_affine_apply(p, m, p);
            continue;
        }
        mv_world_to_voxel(t[i].field, q, p);
        for (c = 0; c < t[i].field->dim[4]; c++)
            p[c] += o_sum(t[i].field, q, c, t[i].kind == MEDVOL_TRANSFORM_BSPLINE);
    }
}
static void o_world(double *p, const mv_volume *grid, size_t i, size_t j, size_t k) {
    double v[3];
    v[0] = (double)i, v[1] = (double)j, v[2] = (double)k;
    mv_affine_apply(p, grid->affine, v);
}

/* ---- helpers ---- */
/* oblique, anisotropic, left-handed or not, about a centre */
static void geometry(double *a, int which, const size_t *n) {
    static const double turn[4][9] = {{1, 0, 0, 0, 1, 0, 0, 0, 1},
        {0.9, -0.3, 0.1, 0.25, 0.8, -0.2, 0.05, 0.3, 1.4}, {-0.8, 0.2, 0.1, 0.3, 1.1, 0.2, -0.1, 0.2, 0.9},
        {0, 0.1, 1.2, -0.7, 0.1, 0.2, 0.1, -1.3, 0.3}};
    static const double centre[4][3] = {{0, 0, 0}, {1, -2, 3}, {0.5, 1, 2.5}, {2, -1, 2}};
    int r, c;
    for (r = 0; r < 3; r++) {
        for (c = 0; c < 3; c++) a[4 * r + c] = turn[which][3 * r + c];
        a[4 * r + 3] = which ? centre[which][r] : 0;
        for (c = 0; which && c < 3; c++) a[4 * r + 3] -= a[4 * r + c] * 0.5 * ((double)n[c] - 1);
    }
}
static mv_volume image(mv_dtype t, int ndim, const size_t *dim, int which) { /* 0..100 at random */
    static const size_t one[3] = {1, 1, 1};
    size_t n3[3], i, n;
    double *x;
    mv_volume v = {0};
    int d;
    CHECK_OK(mv_volume_alloc(T, &v, t, ndim, dim));
    for (d = 0; d < 3; d++) n3[d] = d < ndim ? dim[d] : one[d];
    geometry(v.affine, which, n3);
    n = mv_volume_count(&v);
    x = (double *)malloc(n * sizeof *x);
    for (i = 0; i < n; i++) x[i] = rint(t_uniform(0, 100));
    if (t != MEDVOL_RGB24 && t != MEDVOL_RGBA32)
        CHECK_OK(mv_convert_array(T, v.data, t, x, MEDVOL_F64, n, 1, 0));
    free(x);
    return v;
}
typedef void (*flow_fn)(double *u, const double *p);
static void flow_wave(double *u, const double *p) {
    u[0] = 0.9 * sin(0.8 * p[0] + 0.3 * p[1]) + 0.2, u[1] = 0.7 * cos(0.5 * p[1] - 0.4 * p[2]),
    u[2] = 0.8 * sin(0.6 * p[2] + p[0]);
}
static void flow_line(double *u, const double *p) {
    u[0] = 0.3 + 0.1 * p[0] - 0.05 * p[1], u[1] = -0.2 + 0.07 * p[2], u[2] = 0.1 - 0.06 * p[0] + 0.04 * p[2];
}
static void flow_still(double *u, const double *p) {
    (void)p;
    u[0] = 0.75, u[1] = -0.5, u[2] = 0.25;
}
static mv_volume field_of(flow_fn f, const size_t *n, const double *affine, size_t comps) {
    size_t dim[5], i, j, k, c;
    mv_volume v = {0};
    dim[0] = n[0], dim[1] = n[1], dim[2] = n[2], dim[3] = 1, dim[4] = comps;
    CHECK_OK(mv_volume_alloc(T, &v, MEDVOL_F32, 5, dim));
    memcpy(v.affine, affine, sizeof v.affine);
    for (k = 0; k < n[2]; k++)
        for (j = 0; j < n[1]; j++)
            for (i = 0; i < n[0]; i++) {
                double p[3], u[3];
                o_world(p, &v, i, j, k);
                f(u, p);
                for (c = 0; c < comps; c++)
                    ((float *)v.data)[i + n[0] * (j + n[1] * (k + n[2] * c))] = (float)u[c];
            }
    return v;
}
static mv_transform through(
    mv_transform_kind kind, const mv_volume *field, const double *affine, int inverse) {
    mv_transform t;
    memset(&t, 0, sizeof t);
    t.kind = kind;
    t.field = field;
    t.inverse = inverse;
    if (affine) memcpy(t.affine, affine, sizeof t.affine);
    return t;
}
static const double lean[12] = {0.95, 0.1, -0.05, 0.3, -0.12, 1.05, 0.08, -0.4, 0.03, -0.1, 0.9, 0.5};

/* ---- every voxel against the oracle ---- */
static double tie_distance(double q) { return fabs(q - floor(q) - 0.5); }
static size_t compare(const mv_volume *got, const mv_volume *src, const mv_transform *t, size_t n,
    const mv_warp_opt *o, double tol) {
    mv_border border = o->border == MEDVOL_BORDER_DEFAULT ? MEDVOL_BORDER_CONSTANT : o->border;
    size_t i, j, k, l, seen = 0, series = 1;
    double worst = 0;
    int d, r;
    for (d = 3; d < src->ndim; d++) series *= src->dim[d];
    for (k = 0; k < (got->ndim > 2 ? got->dim[2] : 1); k++)
        for (j = 0; j < (got->ndim > 1 ? got->dim[1] : 1); j++)
            for (i = 0; i < got->dim[0]; i++) {
                double p[3], q[3], want;
                int out = 0, unsure = 0;
                o_world(p, got, i, j, k);
                o_chain(p, t, n);
                mv_world_to_voxel(src, q, p);
                for (r = 0; r < 3; r++) {
                    double top = (r < src->ndim ? (double)src->dim[r] : 1) - 0.5;
                    out |= q[r] < -0.5 || q[r] > top;
                    unsure |= fabs(q[r] + 0.5) < 2e-4 || fabs(q[r] - top) < 2e-4;
                    if (o->interp == MEDVOL_NEAREST) unsure |= tie_distance(q[r]) < 2e-4;
                    if (o->interp == MEDVOL_NEAREST) q[r] = floor(q[r] + 0.5);
                }
                if (unsure) continue;
                seen += !out;
                for (l = 0; l < series; l++) {
                    want = out && border == MEDVOL_BORDER_CONSTANT ? o->value : o_sum(src, q, l, 0);
                    want = fabs(want - o_stored(got, i, j, k, l));
                    if (!(want <= worst)) worst = want;
                }
            }
    if (!CHECK(worst <= tol)) fprintf(stderr, "  worst difference %g, tolerance %g\n", worst, tol);
    return seen;
}

static const size_t n_src[3] = {13, 11, 9}, n_grid[3] = {14, 9, 6}, n_field[3] = {8, 7, 6},
                    n_knots[3] = {5, 4, 6};
typedef struct scene { /* all geometries differ */
    mv_volume src, grid, wave, line, knots;
    mv_transform chain[6];
} scene;
static void scene_make(scene *s, mv_dtype type, int ndim, const size_t *dim) {
    double a[12];
    size_t i;
    memset(s, 0, sizeof *s);
    s->src = image(type, ndim, dim, 2);
    s->grid = image(MEDVOL_U8, 3, n_grid, 1);
    geometry(a, 3, n_field);
    s->wave = field_of(flow_wave, n_field, a, 3);
    geometry(a, 2, n_field);
    s->line = field_of(flow_line, n_field, a, 3);
    geometry(a, 1, n_knots);
    for (i = 0; i < 3; i++) a[i] *= 2.5, a[4 + i] *= 2.5, a[8 + i] *= 2.5;
    s->knots = field_of(flow_wave, n_knots, a, 3);
    s->chain[0] = through(MEDVOL_TRANSFORM_AFFINE, NULL, lean, 0);
    s->chain[1] = through(MEDVOL_TRANSFORM_FIELD, &s->wave, NULL, 0);
    s->chain[2] = through(MEDVOL_TRANSFORM_BSPLINE, &s->knots, NULL, 0);
    s->chain[3] = through(MEDVOL_TRANSFORM_AFFINE, NULL, lean, 1);
    s->chain[4] = through(MEDVOL_TRANSFORM_FIELD, &s->line, NULL, 0);
    s->chain[5] = through(MEDVOL_TRANSFORM_AFFINE, NULL, lean, 0);
}
static void scene_free(scene *s) {
    mv_volume_free(T, &s->src), mv_volume_free(T, &s->grid), mv_volume_free(T, &s->wave);
    mv_volume_free(T, &s->line), mv_volume_free(T, &s->knots);
}

static void test_chain(void) { /* every length of chain, both borders, linear and nearest */
    scene s;
    size_t n;
    int nearest, edge;
    t_seed(11);
    scene_make(&s, MEDVOL_F32, 3, n_src);
    for (n = 0; n <= 6; n++)
        for (nearest = 0; nearest < 2; nearest++)
            for (edge = 0; edge < 2; edge++) {
                mv_volume out = {0};
                mv_warp_opt o;
                memset(&o, 0, sizeof o);
                o.interp = nearest ? MEDVOL_NEAREST : MEDVOL_LINEAR;
                o.border = edge ? MEDVOL_BORDER_EDGE : MEDVOL_BORDER_DEFAULT;
                o.value = edge ? 0 : 7;
                CHECK_OK(mv_warp(T, &out, &s.src, &s.grid, s.chain, n, &o));
                CHECK(out.dtype == MEDVOL_F32 && memcmp(out.affine, s.grid.affine, sizeof out.affine) == 0);
                CHECK(compare(&out, &s.src, s.chain, n, &o, nearest ? 0 : 2e-3) > 150);
                mv_volume_free(T, &out);
            }
    scene_free(&s);
}
static void test_order(void) { /* chain[0] takes the grid's points */
    static const double twice[12] = {2, 0, 0, 0, 0, 2, 0, 0, 0, 0, 2, 0};
    double x = 3, y = 1, z = -2, xo, yo, zo, id[12];
    static const size_t n[3] = {2, 2, 2};
    mv_volume f;
    mv_transform t[2];
    mv_affine_identity(id);
    f = field_of(flow_still, n, id, 3);
    t[0] = through(MEDVOL_TRANSFORM_AFFINE, NULL, twice, 0);
    t[1] = through(MEDVOL_TRANSFORM_FIELD, &f, NULL, 0);
    CHECK_OK(mv_transform_points(T, &xo, &yo, &zo, &x, &y, &z, 1, t, 2));
    CHECK(xo == 6.75 && yo == 1.5 && zo == -3.75);
    t[0].kind = MEDVOL_TRANSFORM_FIELD, t[0].field = &f;
    t[1] = through(MEDVOL_TRANSFORM_AFFINE, NULL, twice, 0);
    CHECK_OK(mv_transform_points(T, &xo, &yo, &zo, &x, &y, &z, 1, t, 2));
    CHECK(xo == 7.5 && yo == 1 && zo == -3.5);
    mv_volume_free(T, &f);
}
/* a volume linear in mm comes out as that of T(p), to rounding, wherever T(p) lies within src and fields are
   linear: one interpolation, and the right signs for any geometry */
static void test_world(void) {
    static const size_t big[3] = {40, 38, 36}, wide[3] = {16, 15, 14};
    mv_volume src = image(MEDVOL_F32, 3, big, 2), grid = image(MEDVOL_U8, 3, n_grid, 1), f, still, out = {0};
    mv_transform t[4];
    double a[12], p[3], q[3], worst = 0;
    size_t i, j, k, seen = 0;
    int r;
    for (k = 0; k < big[2]; k++)
        for (j = 0; j < big[1]; j++)
            for (i = 0; i < big[0]; i++) {
                o_world(p, &src, i, j, k);
                ((float *)src.data)[i + big[0] * (j + big[1] * k)] =
                    (float)(2 * p[0] - 3 * p[1] + 5 * p[2] + 1);
            }
    geometry(a, 3, wide);
    for (r = 0; r < 12; r++) a[r] *= 3;
    f = field_of(flow_line, wide, a, 3);
    geometry(a, 2, n_field);
    still = field_of(flow_still, n_field, a, 3);
    t[0] = through(MEDVOL_TRANSFORM_AFFINE, NULL, lean, 0);
    t[1] = through(MEDVOL_TRANSFORM_FIELD, &f, NULL, 0);
    t[2] = through(MEDVOL_TRANSFORM_FIELD, &still, NULL, 0);
    t[3] = through(MEDVOL_TRANSFORM_AFFINE, NULL, lean, 1);
    CHECK_OK(mv_warp(T, &out, &src, &grid, t, 4, NULL));
    for (k = 0; k < n_grid[2]; k++)
        for (j = 0; j < n_grid[1]; j++)
            for (i = 0; i < n_grid[0]; i++) {
                double u[3], s[3], inverse[12];
                int in = 1;
                o_world(p, &grid, i, j, k);
                mv_affine_apply(p, lean, p);
                flow_line(u, p); /* in closed form */
                flow_still(s, p);
                for (r = 0; r < 3; r++) p[r] += u[r] + s[r];
                mv_affine_invert(inverse, lean);
                mv_affine_apply(p, inverse, p);
                mv_world_to_voxel(&src, q, p);
                for (r = 0; r < 3; r++) in &= q[r] > 0 && q[r] < (double)big[r] - 1;
                seen += (size_t)in;
                if (in)
                    worst =
                        fmax(worst, fabs(2 * p[0] - 3 * p[1] + 5 * p[2] + 1 - o_stored(&out, i, j, k, 0)));
            }
    CHECK(seen > 600);
    CHECK(worst < 2e-4);
    mv_volume_free(T, &out), mv_volume_free(T, &src), mv_volume_free(T, &grid), mv_volume_free(T, &f);
    mv_volume_free(T, &still);
}
static void test_types(void) { /* of every real type, of series, with scaling, to every real type */
    static const size_t more[5] = {13, 11, 9, 2, 2};
    size_t i;
    t_seed(12);
    for (i = 0; i < 12; i++) {
        scene s;
        mv_volume out = {0}, whole = {0};
        mv_warp_opt o;
        size_t k, count;
        double worst = 0;
        memset(&o, 0, sizeof o);
        o.value = 3;
        scene_make(&s, t_real_types[i], i % 3 ? 5 : 3, more);
        if (i % 2) s.src.slope = 0.5, s.src.inter = -4;
        CHECK_OK(mv_warp(T, &out, &s.src, &s.grid, s.chain, 3, &o));
        CHECK(out.slope == 1 && out.inter == 0 && out.dtype == MEDVOL_F32 && out.ndim == s.src.ndim);
        CHECK(compare(&out, &s.src, s.chain, 3, &o, 2e-3) > 150);
        count = mv_volume_count(&out);
        o.dtype = t_real_types[(i + 5) % 12];
        CHECK_OK(mv_warp(T, &whole, &s.src, &s.grid, s.chain, 3, &o));
        CHECK(whole.dtype == o.dtype);
        for (k = 0; k < count; k++) {
            double a = t_value(out.data, MEDVOL_F32, k), b = t_value(whole.data, o.dtype, k);
            if (o.dtype == MEDVOL_U8 || o.dtype == MEDVOL_U16 || o.dtype == MEDVOL_U32 ||
                o.dtype == MEDVOL_U64)
                a = a < 0 ? 0 : a;
            worst = fmax(worst, fabs(a - b));
        }
        CHECK(worst <= 0.5 + 1e-4);
        mv_volume_free(T, &whole);
        o.interp = MEDVOL_NEAREST;
        CHECK_OK(mv_warp(T, &whole, &s.src, &s.grid, s.chain, 3, &o));
        if (o.dtype == MEDVOL_F64 || o.dtype == MEDVOL_F32)
            CHECK(compare(&whole, &s.src, s.chain, 3, &o, 0) > 150);
        mv_volume_free(T, &whole), mv_volume_free(T, &out);
        o.dtype = MEDVOL_NONE;
        CHECK_OK(mv_warp(T, &out, &s.src, &s.grid, s.chain, 3, &o));
        CHECK(out.dtype == t_real_types[i] && out.slope == s.src.slope && out.inter == s.src.inter);
        /* the border's value is rounded as it is stored */
        if (o.dtype == MEDVOL_NONE && s.src.slope == 1) CHECK(compare(&out, &s.src, s.chain, 3, &o, 0) > 150);
        mv_volume_free(T, &out);
        scene_free(&s);
    }
}
/* cubic: a field that moves everything alike is a translation, which mv_resample_affine knows */
static void test_cubic(void) {
    static const size_t flat[2] = {13, 11}, more[4] = {13, 11, 9, 5};
    static const mv_interp ways[2] = {MEDVOL_CUBIC, MEDVOL_CUBIC_CONV};
    static const mv_border borders[2] = {MEDVOL_BORDER_EDGE, MEDVOL_BORDER_CONSTANT};
    int w, b, d;
    t_seed(13);
    for (d = 2; d < 5; d++)
        for (w = 0; w < 2; w++)
            for (b = 0; b < 2; b++) {
                mv_volume src = image(d == 3 ? MEDVOL_I16 : MEDVOL_F32, d, d == 2 ? flat : more, 2), f,
                          got = {0}, want = {0};
                mv_volume grid = image(MEDVOL_U8, 3, n_grid, 1);
                double a[12], move[12];
                mv_transform t[2];
                mv_warp_opt o;
                size_t i, n;
                double worst = 0;
                geometry(a, 3, n_field);
                f = field_of(flow_still, n_field, a, 3);
                memset(&o, 0, sizeof o);
                o.interp = ways[w], o.border = borders[b], o.value = 9;
                t[0] = through(MEDVOL_TRANSFORM_FIELD, &f, NULL, 0);
                t[1] = through(MEDVOL_TRANSFORM_AFFINE, NULL, lean, 0);
                CHECK_OK(mv_warp(T, &got, &src, &grid, t, 2, &o));
                mv_affine_identity(move);
                move[3] = 0.75, move[7] = -0.5, move[11] = 0.25;
                mv_affine_mul(move, lean, move);
                t[0] = through(MEDVOL_TRANSFORM_AFFINE, NULL, move, 0);
                CHECK_OK(mv_warp(T, &want, &src, &grid, t, 1, &o));
                n = mv_volume_count(&want);
                CHECK(mv_volume_count(&got) == n && got.dtype == MEDVOL_F32);
                for (i = 0; i < n; i++)
                    worst = fmax(
                        worst, fabs(t_value(got.data, MEDVOL_F32, i) - t_value(want.data, MEDVOL_F32, i)));
                CHECK(worst < 3e-3);
                mv_volume_free(T, &got), mv_volume_free(T, &want), mv_volume_free(T, &src);
                mv_volume_free(T, &grid), mv_volume_free(T, &f);
            }
}
static void test_identity(void) { /* no chain, affines alone: mv_resample_like to the bit */
    static const mv_interp ways[4] = {MEDVOL_LINEAR, MEDVOL_NEAREST, MEDVOL_CUBIC, MEDVOL_CUBIC_CONV};
    static const mv_border borders[4] = {
        MEDVOL_BORDER_CONSTANT, MEDVOL_BORDER_EDGE, MEDVOL_BORDER_MIRROR, MEDVOL_BORDER_WRAP};
    int w, b;
    t_seed(14);
    for (w = 0; w < 4; w++)
        for (b = 0; b < 4; b++) {
            mv_volume src = image(MEDVOL_I16, 3, n_src, 2), grid = image(MEDVOL_U8, 3, n_grid, 1), got = {0},
                      want = {0};
            mv_volume null, still = {0};
            mv_transform t[2];
            mv_warp_opt o;
            mv_resample_opt r;
            double a[12];
            size_t i, n;
            double worst = 0;
            memset(&o, 0, sizeof o), memset(&r, 0, sizeof r);
            o.interp = r.interp = ways[w], o.border = r.border = borders[b], o.value = r.value = 5;
            CHECK_OK(mv_resample_like(T, &want, &src, &grid, &r));
            CHECK_OK(mv_warp(T, &got, &src, &grid, NULL, 0, &o));
            n = mv_volume_count(&want);
            CHECK(got.dtype == want.dtype && memcmp(got.data, want.data, n * mv_dtype_size(got.dtype)) == 0);
            mv_volume_free(T, &got);
            t[0] = through(MEDVOL_TRANSFORM_AFFINE, NULL, lean, 1),
            t[1] = through(MEDVOL_TRANSFORM_AFFINE, NULL, lean, 0);
            CHECK_OK(mv_warp(T, &got, &src, &grid, t, 2, &o));
            for (i = 0; ways[w] != MEDVOL_NEAREST && i < n; i++)
                worst = fmax(worst, fabs(t_value(got.data, got.dtype, i) - t_value(want.data, got.dtype, i)));
            CHECK(worst < 1e-3);
            mv_volume_free(T, &got);
            /* and a field that moves nothing */
            geometry(a, 3, n_field);
            null = field_of(flow_still, n_field, a, 3);
            memset(null.data, 0, mv_volume_count(&null) * 4);
            t[0] = through(MEDVOL_TRANSFORM_FIELD, &null, NULL, 0);
            if (b < 2) {
                CHECK_OK(mv_warp(T, &got, &src, &grid, t, 1, &o));
                for (i = 0; ways[w] != MEDVOL_NEAREST && i < n; i++)
                    worst =
                        fmax(worst, fabs(t_value(got.data, got.dtype, i) - t_value(want.data, got.dtype, i)));
                CHECK(worst < 2e-3);
            } else CHECK_STATUS(mv_warp(T, &got, &src, &grid, t, 1, &o), MEDVOL_E_UNSUPPORTED);
            mv_volume_free(T, &got), mv_volume_free(T, &want), mv_volume_free(T, &src),
                mv_volume_free(T, &grid);
            mv_volume_free(T, &null), mv_volume_free(T, &still);
        }
}
/* the most of summed weights, ties to the smaller label; the oracle tells how near to a tie it was */
static double o_label(const mv_volume *v, const double *q, double *best) {
    double label[8], w[8], most = -1, second = -1;
    int i, j, r, n = 0;
    for (i = 0; i < 8; i++) {
        size_t c[3];
        double x = 1;
        for (r = 0; r < 3; r++) {
            double top = (double)v->dim[r] - 1, p = q[r] < 0 ? 0 : q[r] > top ? top : q[r], f = p - floor(p);
            c[r] = o_clamp(floor(p) + (i >> r & 1), v->dim[r]);
            x *= i >> r & 1 ? f : 1 - f;
        }
        for (j = 0; j < n && label[j] != o_stored(v, c[0], c[1], c[2], 0); j++) {}
        if (j == n) label[n] = o_stored(v, c[0], c[1], c[2], 0), w[n++] = 0;
        w[j] += x;
    }
    for (i = 0; i < n; i++)
        if (w[i] > most) second = most, most = w[i], *best = label[i];
        else if (w[i] > second) second = w[i];
    return most - second;
}
static void test_labels(void) {
    static const mv_dtype types[8] = {
        MEDVOL_U8, MEDVOL_I8, MEDVOL_U16, MEDVOL_I16, MEDVOL_U32, MEDVOL_I32, MEDVOL_U64, MEDVOL_I64};
    size_t t, i, j, k, seen = 0;
    t_seed(15);
    for (t = 0; t < 8; t++) {
        scene s;
        mv_volume out = {0};
        mv_warp_opt o;
        memset(&o, 0, sizeof o);
        o.labels = 1, o.value = 77;
        scene_make(&s, types[t], 3, n_src);
        for (i = 0; i < mv_volume_count(&s.src);
             i++) { /* four labels in lumps, far apart where the type is wide */
            double x = floor(t_value(s.src.data, types[t], i) / 30);
            CHECK_OK(mv_convert_array(T, (char *)s.src.data + i * mv_dtype_size(types[t]), types[t], &x,
                MEDVOL_F64, 1, t >= 6 ? 1e15 : 1, t % 2 ? -2 : 1));
        }
        CHECK_OK(mv_warp(T, &out, &s.src, &s.grid, s.chain, 4, &o));
        CHECK(out.dtype == types[t]);
        for (k = 0; k < n_grid[2]; k++)
            for (j = 0; j < n_grid[1]; j++)
                for (i = 0; i < n_grid[0]; i++) {
                    double p[3], q[3], want = 0;
                    int r, sure = 1, in = 1;
                    o_world(p, &out, i, j, k);
                    o_chain(p, s.chain, 4);
                    mv_world_to_voxel(&s.src, q, p);
                    for (r = 0; r < 3; r++) {
                        in &= q[r] >= -0.5 && q[r] <= (double)n_src[r] - 0.5;
                        sure &= fabs(q[r] + 0.5) > 1e-3 && fabs(q[r] - (double)n_src[r] + 0.5) > 1e-3;
                    }
                    if (!sure || (in && o_label(&s.src, q, &want) < 1e-3)) continue;
                    seen++;
                    CHECK(o_stored(&out, i, j, k, 0) == (in ? want : 77));
                }
        mv_volume_free(T, &out);
        scene_free(&s);
    }
    CHECK(seen > 5000);
}
static void test_label_ties(void) { /* half way between 5 and 2, of 3, 3, 7, 9 */
    static const size_t n[3] = {2, 2, 1};
    static const uint8_t pair[4] = {5, 2, 5, 2}, four[4] = {9, 3, 7, 3};
    double id[12];
    mv_volume v = {0}, f, out = {0};
    mv_transform t;
    mv_warp_opt o;
    size_t i;
    memset(&o, 0, sizeof o);
    o.labels = 1, o.border = MEDVOL_BORDER_EDGE;
    mv_affine_identity(id);
    f = field_of(flow_still, n, id, 2);
    for (i = 0; i < 8; i++) ((float *)f.data)[i] = 0.5f;
    t = through(MEDVOL_TRANSFORM_FIELD, &f, NULL, 0);
    CHECK_OK(mv_volume_wrap(T, &v, (void *)(uintptr_t)pair, MEDVOL_U8, 2, n, NULL));
    CHECK_OK(mv_warp(T, &out, &v, &v, &t, 1, &o));
    CHECK(((uint8_t *)out.data)[0] == 2);
    CHECK_OK(mv_volume_wrap(T, &v, (void *)(uintptr_t)four, MEDVOL_U8, 2, n, NULL));
    CHECK_OK(mv_warp(T, &out, &v, &v, &t, 1, &o));
    CHECK(((uint8_t *)out.data)[0] == 3);
    mv_volume_free(T, &out), mv_volume_free(T, &f);
}
static void test_colours(void) { /* as the channels one by one, rounded */
    static const size_t shapes[4][3] = {{31, 17, 1}, {9, 8, 7}, {1, 6, 5}, {1, 1, 1}};
    size_t s, i, k, c;
    t_seed(16);
    for (s = 0; s < 8; s++) {
        const size_t *n = shapes[s / 2], voxels = n[0] * n[1] * n[2], channels = s % 2 ? 4 : 3;
        mv_volume rgb = image(channels == 3 ? MEDVOL_RGB24 : MEDVOL_RGBA32, 3, n, 2), f, grey = {0},
                  out = {0}, one = {0};
        mv_volume grid = image(MEDVOL_U8, 3, n_grid, 1);
        mv_transform t;
        mv_warp_opt o;
        double a[12];
        memset(&o, 0, sizeof o);
        o.value = 40;
        geometry(a, 3, n_field);
        f = field_of(flow_wave, n_field, a, 3);
        for (i = 0; i < voxels * channels; i++) ((uint8_t *)rgb.data)[i] = (uint8_t)t_bits();
        t = through(MEDVOL_TRANSFORM_FIELD, &f, NULL, 0);
        CHECK_OK(mv_warp(T, &out, &rgb, &grid, &t, 1, &o));
        CHECK(out.dtype == rgb.dtype);
        CHECK_OK(mv_volume_alloc(T, &grey, MEDVOL_U8, 3, n));
        memcpy(grey.affine, rgb.affine, sizeof grey.affine);
        o.dtype = MEDVOL_U8;
        for (c = 0; c < channels; c++) {
            for (i = 0; i < voxels; i++) ((uint8_t *)grey.data)[i] = ((uint8_t *)rgb.data)[channels * i + c];
            CHECK_OK(mv_warp(T, &one, &grey, &grid, &t, 1, &o));
            for (k = 0, i = 0; i < mv_volume_count(&one); i++)
                k += ((uint8_t *)one.data)[i] != ((uint8_t *)out.data)[channels * i + c];
            CHECK(k == 0);
            mv_volume_free(T, &one);
        }
        mv_volume_free(T, &rgb), mv_volume_free(T, &f), mv_volume_free(T, &grey), mv_volume_free(T, &out);
        mv_volume_free(T, &grid);
    }
}
/* ---- fields and points ---- */
static void test_field_of_chain(void) { /* what a chain moves points by, against points and the oracle */
    scene s;
    size_t n, i, j, k, at;
    t_seed(17);
    scene_make(&s, MEDVOL_F32, 3, n_src);
    for (n = 0; n <= 6; n++) {
        mv_volume f = {0};
        const size_t voxels = n_grid[0] * n_grid[1] * n_grid[2];
        double *x = (double *)malloc(3 * voxels * sizeof *x), *y = x + voxels, *z = y + voxels, worst = 0,
               exact = 0;
        CHECK_OK(mv_transform_field(T, &f, &s.grid, s.chain, n));
        CHECK(f.ndim == 5 && f.dim[3] == 1 && f.dim[4] == 3 && f.dtype == MEDVOL_F32);
        CHECK(memcmp(f.affine, s.grid.affine, sizeof f.affine) == 0);
        for (at = 0, k = 0; k < n_grid[2]; k++)
            for (j = 0; j < n_grid[1]; j++)
                for (i = 0; i < n_grid[0]; i++, at++) {
                    double p[3];
                    o_world(p, &s.grid, i, j, k);
                    x[at] = p[0], y[at] = p[1], z[at] = p[2];
                }
        CHECK_OK(mv_transform_points(T, x, y, z, x, y, z, voxels, s.chain, n));
        for (at = 0, k = 0; k < n_grid[2]; k++)
            for (j = 0; j < n_grid[1]; j++)
                for (i = 0; i < n_grid[0]; i++, at++) {
                    double p[3], q[3];
                    int r;
                    o_world(p, &s.grid, i, j, k);
                    memcpy(q, p, sizeof q);
                    o_chain(q, s.chain, n);
                    exact =
                        fmax(exact, fmax(fabs(q[0] - x[at]), fmax(fabs(q[1] - y[at]), fabs(q[2] - z[at]))));
                    for (r = 0; r < 3; r++)
                        worst = fmax(worst, fabs(q[r] - p[r] - o_stored(&f, i, j, k, (size_t)r)));
                }
        CHECK(exact < 1e-12);
        CHECK(worst < 2e-5);
        free(x);
        mv_volume_free(T, &f);
    }
    scene_free(&s);
}
/* a composed field warps as the chain does where nothing is lost by sampling it: on one grid, at its voxels
   */
static void test_composed(void) {
    scene s;
    mv_volume f = {0}, one = {0}, two = {0};
    mv_transform t;
    size_t i;
    double worst = 0;
    t_seed(18);
    scene_make(&s, MEDVOL_F32, 3, n_src);
    CHECK_OK(mv_transform_field(T, &f, &s.grid, s.chain, 6));
    t = through(MEDVOL_TRANSFORM_FIELD, &f, NULL, 0);
    CHECK_OK(mv_warp(T, &one, &s.src, &s.grid, s.chain, 6, NULL));
    CHECK_OK(mv_warp(T, &two, &s.src, &s.grid, &t, 1, NULL));
    for (i = 0; i < mv_volume_count(&one); i++) {
        double a = t_value(one.data, MEDVOL_F32, i), b = t_value(two.data, MEDVOL_F32, i);
        if (a != 0 && b != 0) worst = fmax(worst, fabs(a - b));
    }
    CHECK(worst < 5e-3);
    /* a part of its grid reads the field's voxels as they are */
    {
        static const size_t start[5] = {3, 2, 1, 0, 0}, size[5] = {7, 5, 4, 1, 3};
        mv_volume part, g = {0};
        CHECK_OK(mv_volume_view(T, &part, &f, start, size));
        CHECK_OK(mv_transform_field(T, &g, &part, &t, 1));
        for (i = 0; i < 7 * 5 * 4 * 3; i++)
            CHECK(((float *)g.data)[i] == (float)o_stored(&part, i % 7, i / 7 % 5, i / 35 % 4, i / 140));
        mv_volume_free(T, &g);
    }
    mv_volume_free(T, &f), mv_volume_free(T, &one), mv_volume_free(T, &two);
    scene_free(&s);
}
static void test_plane(void) { /* pictures: fields of two components */
    static const size_t n[3] = {37, 29, 1}, m[3] = {12, 10, 1}, knots[3] = {6, 5, 1};
    double id[12], small[12], a[12] = {2.7, 0.2, 0, 1, -0.1, 3.1, 0, -2, 0, 0, 1, 0},
                              turn[12] = {0.98, 0.1, 0, 2, -0.1, 0.99, 0, 1, 0, 0, 1, 0};
    mv_volume picture, out = {0}, wave, spline, f = {0};
    mv_transform t[3];
    mv_warp_opt o;
    size_t i;
    memset(&o, 0, sizeof o);
    t_seed(19);
    mv_affine_identity(id);
    picture = image(MEDVOL_U8, 2, n, 0);
    wave = field_of(flow_wave, m, a, 2);
    memcpy(small, a, sizeof a);
    for (i = 0; i < 8; i++) small[i] *= 3;
    spline = field_of(flow_wave, knots, small, 2);
    t[0] = through(MEDVOL_TRANSFORM_FIELD, &wave, NULL, 0);
    t[1] = through(MEDVOL_TRANSFORM_AFFINE, NULL, turn, 0);
    t[2] = through(MEDVOL_TRANSFORM_BSPLINE, &spline, NULL, 0);
    for (i = 1; i <= 3; i++) {
        CHECK_OK(mv_warp(T, &out, &picture, &picture, t, i, &o));
        CHECK(out.ndim == 2 && compare(&out, &picture, t, i, &o, 2e-3) > 700);
        mv_volume_free(T, &out);
        CHECK_OK(mv_transform_field(T, &f, &picture, t, i));
        CHECK(f.dim[4] == 2 && f.dim[2] == 1 && f.ndim == 5);
        {
            double p[3] = {5, 7, 0}, q[3] = {5, 7, 0};
            o_chain(q, t, i);
            CHECK_NEAR(o_stored(&f, 5, 7, 0, 0), q[0] - p[0], 1e-5);
            CHECK_NEAR(o_stored(&f, 5, 7, 0, 1), q[1] - p[1], 1e-5);
            CHECK(q[2] == 0);
        }
        mv_volume_free(T, &f);
    }
    { /* memory for three components is filled with three; one that leads out of the plane has three */
        static const size_t three[5] = {37, 29, 1, 1, 3};
        double up[12];
        CHECK_OK(mv_volume_alloc(T, &f, MEDVOL_F32, 5, three));
        CHECK_OK(mv_transform_field(T, &f, &picture, t, 3));
        CHECK(o_stored(&f, 5, 7, 0, 2) == 0);
        mv_volume_free(T, &f);
        memcpy(up, id, sizeof up);
        up[11] = 2;
        t[1] = through(MEDVOL_TRANSFORM_AFFINE, NULL, up, 0);
        CHECK_OK(mv_transform_field(T, &f, &picture, t, 3));
        CHECK(f.dim[4] == 3 && o_stored(&f, 5, 7, 0, 2) == 2);
        mv_volume_free(T, &f);
    }
    mv_volume_free(T, &picture), mv_volume_free(T, &wave), mv_volume_free(T, &spline);
}
static void test_thin(void) { /* axes of one voxel, in the image, the grid and the field */
    static const size_t thin[5][3] = {{1, 7, 6}, {7, 1, 5}, {6, 5, 1}, {1, 1, 4}, {1, 1, 1}};
    size_t i, j;
    t_seed(20);
    for (i = 0; i < 5; i++)
        for (j = 0; j < 5; j++) {
            mv_volume src = image(j % 2 ? MEDVOL_U8 : MEDVOL_F32, 3, thin[j], 2),
                      grid = image(MEDVOL_U8, 3, thin[i], 1), f, g, out = {0};
            double a[12];
            mv_transform t[2];
            mv_warp_opt o;
            memset(&o, 0, sizeof o);
            o.border = MEDVOL_BORDER_EDGE;
            geometry(a, 3, thin[(i + j) % 5]);
            f = field_of(flow_wave, thin[(i + j) % 5], a, 3);
            g = field_of(flow_wave, thin[(i + j + 1) % 5], a, 3);
            t[0] = through(MEDVOL_TRANSFORM_FIELD, &f, NULL, 0);
            t[1] = through(MEDVOL_TRANSFORM_BSPLINE, &g, NULL, 0);
            CHECK_OK(mv_warp(T, &out, &src, &grid, t, 2, &o));
            compare(&out, &src, t, 2, &o, 2e-3);
            mv_volume_free(T, &out), mv_volume_free(T, &src), mv_volume_free(T, &grid), mv_volume_free(T, &f);
            mv_volume_free(T, &g);
        }
}
static void test_views(void) { /* strided source, field, result */
    static const size_t start[5] = {2, 1, 1, 0, 0}, in[4] = {9, 8, 6, 2}, fs[5] = {5, 5, 4, 1, 3},
                        to[4] = {10, 7, 4, 2}, dim[4] = {13, 11, 9, 2}, room[4] = {14, 9, 6, 2};
    scene s;
    mv_volume v, f, out = {0}, d, grid;
    mv_transform t;
    mv_warp_opt o;
    size_t i, k, odd = 0;
    int way;
    t_seed(21);
    for (way = 0; way < 3; way++) {
        memset(&o, 0, sizeof o);
        o.interp = way == 2 ? MEDVOL_NEAREST : MEDVOL_LINEAR;
        scene_make(&s, way ? MEDVOL_I16 : MEDVOL_F32, 4, dim);
        CHECK_OK(mv_volume_view(T, &v, &s.src, start, in));
        CHECK_OK(mv_volume_view(T, &f, &s.wave, start, fs));
        CHECK_OK(mv_volume_view(T, &grid, &s.grid, start, to));
        CHECK_OK(mv_volume_alloc(T, &out, way ? MEDVOL_I16 : MEDVOL_F32, 4, room));
        memset(out.data, 0x55, mv_volume_count(&out) * mv_dtype_size(out.dtype));
        CHECK_OK(mv_volume_view(T, &d, &out, start, to));
        t = through(MEDVOL_TRANSFORM_FIELD, &f, NULL, 0);
        CHECK_OK(mv_warp(T, &d, &v, &grid, &t, 1, &o));
        CHECK(compare(&d, &v, &t, 1, &o, way == 1 ? 0.501 : 2e-3) > 20);
        for (i = 0; i < mv_volume_count(&out); i++) { /* nothing else was written */
            const size_t x = i % 14, y = i / 14 % 9, z = i / 126 % 6;
            const unsigned char *e = (const unsigned char *)out.data + i * mv_dtype_size(out.dtype);
            if (x >= 2 && x < 12 && y >= 1 && y < 8 && z >= 1 && z < 5) continue;
            for (k = 0; k < mv_dtype_size(out.dtype); k++) odd += e[k] != 0x55;
        }
        CHECK(odd == 0);
        mv_volume_free(T, &out);
        scene_free(&s);
    }
}
static void test_not_finite(void) { /* NaN where a displacement is none, 0 in integers; others as they are */
    static const float bad[3] = {NAN, INFINITY, -INFINITY};
    static const mv_dtype types[3] = {MEDVOL_F32, MEDVOL_I16, MEDVOL_U8};
    int b, ty, way, kind;
    t_seed(22);
    for (b = 0; b < 3; b++)
        for (ty = 0; ty < 3; ty++)
            for (way = 0; way < 4; way++)
                for (kind = 2; kind <= 4; kind += 2) {
                    scene s;
                    mv_volume out = {0}, f = {0};
                    mv_transform t[2];
                    mv_warp_opt o;
                    size_t i, n = 0, at;
                    memset(&o, 0, sizeof o);
                    o.labels = way == 3;
                    o.interp = way == 1 ? MEDVOL_NEAREST : way == 2 ? MEDVOL_CUBIC : MEDVOL_LINEAR;
                    o.value = 9;
                    if (o.labels && ty == 0) continue;
                    scene_make(&s, types[ty], 3, n_src);
                    CHECK_OK(mv_transform_field(T, &f, &s.grid, s.chain, 1));
                    at = 5 + 14 * (4 + 9 * 3);
                    ((float *)f.data)[at + (size_t)b * 14 * 9 * 6] = bad[b];
                    t[0] = through(MEDVOL_TRANSFORM_FIELD, &f, NULL, 0);
                    t[1] = through((mv_transform_kind)kind, kind == 2 ? &s.wave : &s.knots, NULL, 0);
                    CHECK_OK(mv_warp(T, &out, &s.src, &s.grid, t, 2, &o));
                    for (i = 0; i < mv_volume_count(&out); i++) {
                        double x = t_value(out.data, out.dtype, i);
                        n += x != x;
                        if (i == at) CHECK(out.dtype == MEDVOL_F32 ? x != x : x == 0);
                    }
                    CHECK(n == (out.dtype == MEDVOL_F32 ? 1 : 0));
                    {
                        double x[2] = {1, NAN}, y[2] = {2, 1}, z[2] = {3, 1};
                        CHECK_OK(mv_transform_points(T, x, y, z, x, y, z, 2, t, 2));
                        CHECK(x[0] == x[0] && x[1] != x[1] && y[1] != y[1] && z[1] != z[1]);
                    }
                    mv_volume_free(T, &out), mv_volume_free(T, &f);
                    scene_free(&s);
                }
}
static void test_threads(void) { /* the same bits as alone; 41 x 37 x 35: several tiles and segments */
    static const size_t n[3] = {300, 37, 35};
    mv_volume grid = image(MEDVOL_U8, 3, n, 1), src = image(MEDVOL_F32, 3, n_src, 2), f, a = {0}, b = {0};
    mv_transform t[2];
    double m[12];
    t_seed(23);
    geometry(m, 3, n_field);
    f = field_of(flow_wave, n_field, m, 3);
    t[0] = through(MEDVOL_TRANSFORM_FIELD, &f, NULL, 0);
    t[1] = through(MEDVOL_TRANSFORM_BSPLINE, &f, NULL, 0);
    CHECK_OK(mv_warp(T, &a, &src, &grid, t, 2, NULL));
    CHECK_OK(mv_warp(T_NONE, &b, &src, &grid, t, 2, NULL));
    CHECK(memcmp(a.data, b.data, mv_volume_count(&a) * 4) == 0);
    mv_volume_free(T, &a), mv_volume_free(T_NONE, &b);
    CHECK_OK(mv_transform_field(T, &a, &grid, t, 2));
    CHECK_OK(mv_transform_field(T_NONE, &b, &grid, t, 2));
    CHECK(memcmp(a.data, b.data, mv_volume_count(&a) * 4) == 0);
    mv_volume_free(T, &a), mv_volume_free(T_NONE, &b), mv_volume_free(T, &grid), mv_volume_free(T, &src);
    mv_volume_free(T, &f);
}
static void test_destination(void) { /* the same struct, memory of the caller, headers */
    scene s;
    mv_volume want = {0}, out = {0}, same;
    mv_nifti h;
    t_seed(24);
    scene_make(&s, MEDVOL_F32, 3, n_src);
    memset(&h, 0, sizeof h);
    h.dim_info = 57, h.slice_end = 8, h.slice_code = 1;
    s.src.nifti = &h;
    CHECK_OK(mv_warp(T, &want, &s.src, &s.grid, s.chain, 2, NULL));
    CHECK(want.nifti && want.nifti->dim_info == 0 && want.nifti->slice_end == 0);
    CHECK_OK(mv_volume_alloc(T, &out, MEDVOL_F32, 3, n_grid));
    CHECK_OK(mv_warp(T, &out, &s.src, &s.grid, s.chain, 2, NULL));
    CHECK(memcmp(out.data, want.data, mv_volume_count(&out) * 4) == 0);
    CHECK_STATUS(mv_warp(T, &out, &out, &s.grid, s.chain, 2, NULL), MEDVOL_OK); /* dst is src */
    mv_volume_free(T, &out);
    CHECK_OK(mv_volume_copy(T, &same, (same = (mv_volume){0}, &s.src)));
    CHECK_OK(mv_warp(T, &same, &same, &s.grid, s.chain, 2, NULL));
    CHECK(memcmp(same.data, want.data, mv_volume_count(&same) * 4) == 0 && same.dim[0] == n_grid[0]);
    mv_volume_free(T, &same), mv_volume_free(T, &want);
    s.src.nifti = NULL;
    scene_free(&s);
}
/* ---- refusals ---- */
static void refused(mv_volume *src, const mv_volume *grid, const mv_transform *t, size_t n,
    const mv_warp_opt *o, mv_status want, const char *words) {
    mv_volume out = {0};
    CHECK_STATUS(mv_warp(T, &out, src, grid, t, n, o), want);
    CHECK(!out.data);
    if (!CHECK(strstr(mv_message(T), words) != NULL))
        fprintf(stderr, "  \"%s\" lacks \"%s\"\n", mv_message(T), words);
}
static void test_refused(void) {
    scene s;
    mv_transform t;
    mv_volume bad, out = {0};
    mv_warp_opt o;
    double x = 0, a[12];
    t_seed(25);
    scene_make(&s, MEDVOL_F32, 3, n_src);
    memset(&o, 0, sizeof o);
    refused(NULL, &s.grid, s.chain, 1, NULL, MEDVOL_E_NULL, "src");
    refused(&s.src, NULL, s.chain, 1, NULL, MEDVOL_E_NULL, "grid");
    refused(&s.src, &s.grid, NULL, 1, NULL, MEDVOL_E_NULL, "chain");
    CHECK_STATUS(mv_warp(T, NULL, &s.src, &s.grid, s.chain, 1, NULL), MEDVOL_E_NULL);
    CHECK_STATUS(mv_transform_field(T, NULL, &s.grid, s.chain, 1), MEDVOL_E_NULL);
    CHECK_STATUS(mv_transform_field(T, &out, NULL, s.chain, 1), MEDVOL_E_NULL);
    CHECK_STATUS(mv_transform_points(T, &x, &x, NULL, &x, &x, &x, 1, s.chain, 1), MEDVOL_E_NULL);
    CHECK_STATUS(mv_transform_points(T, &x, &x, &x, &x, NULL, &x, 1, s.chain, 1), MEDVOL_E_NULL);
    t = through(MEDVOL_TRANSFORM_FIELD, NULL, NULL, 0);
    refused(&s.src, &s.grid, &t, 1, NULL, MEDVOL_E_NULL, "warp: chain[0]: field");
    s.chain[2].field = NULL;
    refused(&s.src, &s.grid, s.chain, 3, NULL, MEDVOL_E_NULL, "chain[2]");
    s.chain[2].field = &s.knots;
    t = through((mv_transform_kind)9, NULL, NULL, 0);
    refused(&s.src, &s.grid, &t, 1, NULL, MEDVOL_E_RANGE, "kind = 9");
    memset(a, 0, sizeof a);
    t = through(MEDVOL_TRANSFORM_AFFINE, NULL, a, 0);
    refused(&s.src, &s.grid, &t, 1, NULL, MEDVOL_E_SINGULAR, "chain[0]");
    t.inverse = 1;
    refused(&s.src, &s.grid, &t, 1, NULL, MEDVOL_E_SINGULAR, "chain[0]");
    mv_affine_identity(t.affine);
    t.affine[5] = (double)NAN;
    refused(&s.src, &s.grid, &t, 1, NULL, MEDVOL_E_RANGE, "affine[5]");
    t = through(MEDVOL_TRANSFORM_FIELD, &s.src, NULL, 0);
    refused(&s.src, &s.grid, &t, 1, NULL, MEDVOL_E_SHAPE, "x, y, z, 1, 3");
    bad = s.wave;
    t.field = &bad;
    bad.dim[4] = 2;
    refused(&s.src, &s.grid, &t, 1, NULL, MEDVOL_E_SHAPE, "x, y, z, 1, 3");
    bad.dim[2] = 1;
    refused(&s.src, &s.grid, &t, 1, NULL, MEDVOL_E_SHAPE, "world x, y");
    bad = s.wave;
    bad.dtype = MEDVOL_C64;
    refused(&s.src, &s.grid, &t, 1, NULL, MEDVOL_E_DTYPE, "chain[0]");
    bad = s.wave;
    memset(bad.affine, 0, sizeof bad.affine);
    refused(&s.src, &s.grid, &t, 1, NULL, MEDVOL_E_SINGULAR, "the affine of field");
    bad = s.src;
    memset(bad.affine, 0, sizeof bad.affine);
    refused(&bad, &s.grid, s.chain, 2, NULL, MEDVOL_E_SINGULAR, "the affine of src");
    refused(&bad, &s.grid, s.chain, 1, NULL, MEDVOL_E_SINGULAR, "the affine of src");
    bad = s.grid;
    bad.dim[1] = 0;
    refused(&s.src, &bad, s.chain, 2, NULL, MEDVOL_E_SIZE, "grid dim[1]");
    bad = s.grid;
    bad.ndim = 9;
    refused(&s.src, &bad, s.chain, 2, NULL, MEDVOL_E_RANGE, "ndim 9");
    o.interp = MEDVOL_LANCZOS;
    refused(&s.src, &s.grid, s.chain, 1, &o, MEDVOL_E_UNSUPPORTED, "LANCZOS");
    o.interp = (mv_interp)17;
    refused(&s.src, &s.grid, s.chain, 1, &o, MEDVOL_E_RANGE, "interp = 17");
    o.interp = MEDVOL_LINEAR, o.labels = 1;
    refused(&s.src, &s.grid, s.chain, 1, &o, MEDVOL_E_DTYPE, "labels are integers");
    o.interp = MEDVOL_CUBIC;
    refused(&s.src, &s.grid, s.chain, 1, &o, MEDVOL_E_RANGE, "LINEAR");
    o.interp = MEDVOL_LINEAR, o.labels = 0, o.border = (mv_border)-1;
    refused(&s.src, &s.grid, s.chain, 1, &o, MEDVOL_E_RANGE, "border = -1");
    o.border = MEDVOL_BORDER_WRAP;
    refused(&s.src, &s.grid, s.chain, 2, &o, MEDVOL_E_UNSUPPORTED, "WRAP");
    o.border = MEDVOL_BORDER_DEFAULT, o.value = (double)INFINITY;
    refused(&s.src, &s.grid, s.chain, 2, &o, MEDVOL_E_RANGE, "value");
    o.value = 0, o.dtype = (mv_dtype)3;
    refused(&s.src, &s.grid, s.chain, 2, &o, MEDVOL_E_DTYPE, "data type 3");
    o.dtype = MEDVOL_RGB24;
    refused(&s.src, &s.grid, s.chain, 2, &o, MEDVOL_E_DTYPE, "not defined");
    o.dtype = MEDVOL_NONE;
    bad = s.src;
    bad.dtype = MEDVOL_C64, bad.dim[0] = 6, bad.stride[1] = 6, bad.stride[2] = 66;
    refused(&bad, &s.grid, s.chain, 2, NULL, MEDVOL_E_DTYPE, "only NEAREST");
    o.interp = MEDVOL_NEAREST, o.value = 3;
    refused(&bad, &s.grid, s.chain, 2, &o, MEDVOL_E_DTYPE, "value = 3");
    /* dst on a field, on the source, of another shape */
    CHECK_STATUS(mv_transform_field(T, &s.wave, &s.wave, s.chain, 2), MEDVOL_E_ALIAS);
    bad = s.src;
    CHECK_STATUS(mv_warp(T, &bad, &s.src, &s.src, s.chain, 2, NULL), MEDVOL_E_ALIAS);
    CHECK_OK(mv_volume_alloc(T, &out, MEDVOL_F32, 3, n_field));
    CHECK_STATUS(mv_warp(T, &out, &s.src, &s.grid, s.chain, 2, NULL), MEDVOL_E_SHAPE);
    CHECK_STATUS(mv_transform_field(T, &out, &s.grid, s.chain, 2), MEDVOL_E_SHAPE);
    mv_volume_free(T, &out);
    scene_free(&s);
}
static int stop(void *user, double done, double total, const char *label) {
    (void)user, (void)done, (void)total, (void)label;
    return 1;
}
static void test_cancel(void) {
    scene s;
    mv_volume out = {0};
    t_seed(26);
    scene_make(&s, MEDVOL_I32, 3, n_src);
    T->desc.progress = stop;
    CHECK_STATUS(mv_warp(T, &out, &s.src, &s.grid, s.chain, 2, NULL), MEDVOL_E_CANCELLED);
    CHECK_STATUS(mv_transform_field(T, &out, &s.grid, s.chain, 2), MEDVOL_E_CANCELLED);
    T->desc.progress = NULL;
    CHECK(!out.data);
    scene_free(&s);
}

const t_case tests_field[] = {
    {"chain", test_chain, 0},
    {"order", test_order, 0},
    {"world", test_world, 0},
    {"types", test_types, 0},
    {"cubic", test_cubic, 0},
    {"identity", test_identity, 0},
    {"labels", test_labels, 0},
    {"label_ties", test_label_ties, 0},
    {"colours", test_colours, 0},
    {"field_of_chain", test_field_of_chain, 0},
    {"composed", test_composed, 0},
    {"plane", test_plane, 0},
    {"thin", test_thin, 0},
    {"views", test_views, 0},
    {"not_finite", test_not_finite, 0},
    {"threads", test_threads, 0},
    {"destination", test_destination, 0},
    {"refused", test_refused, 0},
    {"cancel", test_cancel, 0},
    {NULL, NULL, 0},
};
