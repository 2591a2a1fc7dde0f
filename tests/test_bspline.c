/* test_bspline.c - registration by B-splines: waves and blobs known at every point of the world, so that
   images on any grid are exact and so is the truth. */
#include "test.h"

static double scene(const double *p, int flat) {
    const double x = p[0], y = p[1], z = flat ? 0 : p[2];
    return 90 * exp(-(x * x / 200 + y * y / 240 + z * z / 160)) +
           25 * sin(0.23 * x + 0.12 * y) * cos(0.2 * y - 0.17 * z) + 22 * cos(0.22 * z + 0.11 * x) +
           18 * sin(0.19 * z - 0.2 * y + 1) + 20 * sin(0.2 * x - 0.13 * z);
}
/* what a point of the fixed image's world is moved by; then comes an affine */
typedef struct truth {
    int flat, kind;             /* 0: none, 1: waves, 2: a spline */
    double slope[12];           /* u = slope p + the rest */
    const mv_transform *spline;
    double to[12], back[12];
} truth;
static void moved_by(const truth *t, const double *p, double *u) {
    double q[3];
    int k;
    mv_affine_apply(u, t->slope, p);
    if (t->kind == 1) {
        u[0] += 2.2 * sin(0.13 * p[1] + 0.2) * cos(0.09 * (t->flat ? 0 : p[2]));
        u[1] += 2.0 * cos(0.12 * p[0] + 0.3) * (t->flat ? 1 : cos(0.08 * p[2]));
        if (!t->flat) u[2] += 1.8 * sin(0.11 * p[0] + 0.07 * p[1]);
    }
    if (t->kind == 2) {
        CHECK_OK(mv_transform_points(T, q, q + 1, q + 2, p, p + 1, p + 2, 1, t->spline, 1));
        for (k = 0; k < 3; k++) u[k] += q[k] - p[k];
    }
}
static void image(mv_volume *v, const size_t *dim, int ndim, const double *affine, const truth *t,
    int moving) {
    size_t i;
    int k;
    CHECK_OK(mv_volume_alloc(T, v, MEDVOL_F32, ndim, dim));
    memcpy(v->affine, affine, sizeof v->affine);
    for (i = 0; i < mv_volume_count(v); i++) {
        double x[3], p[3], u[3];
        x[0] = (double)(i % dim[0]), x[1] = (double)(i / dim[0] % dim[1]);
        x[2] = ndim > 2 ? (double)(i / dim[0] / dim[1]) : 0;
        mv_affine_apply(p, affine, x);
        if (moving) mv_affine_apply(p, t->back, p);
        else {
            moved_by(t, p, u);
            for (k = 0; k < 3; k++) p[k] += u[k];
        }
        ((float *)v->data)[i] = (float)scene(p, t->flat);
    }
}
/* turned about z and x, the first axis mirrored, voxel c in the middle */
static void grid(double *a, const size_t *dim, double sx, double sy, double sz, double turn, double tilt,
                 int mirror) {
    const double cz = cos(turn), nz = sin(turn), cx = cos(tilt), nx = sin(tilt), s[3] = {sx, sy, sz};
    const double r[9] = {cz, -nz * cx, nz * nx, nz, cz * cx, -cz * nx, 0, nx, cx};
    int i, k;
    for (i = 0; i < 3; i++) {
        a[4 * i + 3] = 0;
        for (k = 0; k < 3; k++) {
            a[4 * i + k] = r[3 * i + k] * s[k] * (k == 0 && mirror ? -1 : 1);
            a[4 * i + 3] -= a[4 * i + k] * 0.5 * (double)(dim[k] - 1);
        }
    }
}
static const size_t few[3] = {40, 36, 20}, other[3] = {64, 62, 70};
typedef struct pair {
    truth t;
    mv_volume fixed, moving;
} pair;
static void plain(truth *t, int flat, int kind) {
    memset(t, 0, sizeof *t);
    t->flat = flat, t->kind = kind;
    mv_affine_identity(t->to);
    mv_affine_identity(t->back);
}
/* slices twice as thick as voxels are wide, against a finer grid of the other handedness */
static void pair_make(pair *p, const truth *t) {
    double a[12], b[12];
    size_t fixed[3], moving[3];
    int k;
    for (k = 0; k < 3; k++) fixed[k] = k == 2 && t->flat ? 1 : few[k], moving[k] = k == 2 &&
        t->flat ? 1 : other[k];
    memset(p, 0, sizeof *p);
    p->t = *t;
    grid(a, fixed, 1.2, 1.1, t->flat ? 1 : 2.3, 0.15, t->flat ? 0 : 0.1, 0);
    grid(b, moving, 0.9, 0.95, 0.85, -0.1, t->flat ? 0 : -0.15, 1);
    image(&p->fixed, fixed, t->flat ? 2 : 3, a, t, 0);
    image(&p->moving, moving, t->flat ? 2 : 3, b, t, 1);
}
static void pair_free(pair *p) {
    mv_volume_free(T, &p->fixed);
    mv_volume_free(T, &p->moving);
}
/* mean distance of a field from the truth in voxels of 1.1 mm, but for the margin of some voxels */
static double error_of(const pair *p, const mv_volume *field, size_t margin) {
    const size_t *dim = field->dim, n = dim[0] * dim[1] * dim[2];
    double sum = 0;
    size_t i, count = 0;
    for (i = 0; i < n; i++) {
        double x[3], w[3], u[3], d = 0;
        const size_t at[3] = {i % dim[0], i / dim[0] % dim[1], i / dim[0] / dim[1]};
        int k, in = 1;
        for (k = 0; k < (p->t.flat ? 2 : 3); k++) in = in && at[k] >= margin && at[k] + margin < dim[k];
        if (!in) continue;
        for (k = 0; k < 3; k++) x[k] = (double)at[k];
        mv_affine_apply(w, field->affine, x);
        moved_by(&p->t, w, u);
        for (k = 0; k < (p->t.flat ? 2 : 3); k++)
            d += pow((double)((float *)field->data)[(size_t)k * n + i] - u[k], 2);
        sum += sqrt(d), count++;
    }
    return sum / (double)count / 1.1;
}
/* the same bits with any number of threads; what other levels say is within tol voxels */
static void same(const mv_volume *field, int slot, double tol) {
    static struct {
        uint32_t crc[5];
        float *first;
    } seen[32];
    const size_t n = mv_volume_count(field);
    const uint32_t crc = t_crc32(0, field->data, n * sizeof(float));
    size_t i;
    double most = 0;
    if (seen[slot].crc[t_level]) CHECK(seen[slot].crc[t_level] == crc);
    seen[slot].crc[t_level] = crc;
    if (!seen[slot].first) {
        seen[slot].first = (float *)malloc(n * sizeof(float));
        if (!CHECK(seen[slot].first != NULL)) return;
        memcpy(seen[slot].first, field->data, n * sizeof(float));
    }
    for (i = 0; i < n; i++)
        most = fmax(most, fabs((double)((float *)field->data)[i] - (double)seen[slot].first[i]));
    CHECK_NEAR(most, 0, 1.1 * tol);
}
static void shade(mv_volume *v, mv_similarity metric) { /* what each measure must bear */
    size_t i;
    for (i = 0; i < mv_volume_count(v); i++) {
        float *f = (float *)v->data + i;
        if (metric == MEDVOL_NCC) *f = 0.5f * *f + 70;
        if (metric == MEDVOL_MI) *f = 500 - 0.02f * (*f + 90) * (*f + 90);
    }
}
static void run(const truth *t, mv_similarity metric, int radius, int slot, double most, double tol) {
    mv_register_bspline_opt o = {0};
    mv_register_report rep;
    mv_volume field = {0}, points = {0}, seen = {0};
    mv_transform link;
    double worst = 0;
    size_t i;
    pair p;
    pair_make(&p, t);
    shade(&p.moving, metric);
    o.metric = metric, o.radius = radius, o.field = &field, o.control.report = &rep, o.bins = 128;
    o.bending = t->kind && metric != MEDVOL_MI ? 0.005 : 0.05;
    CHECK_OK(mv_register_bspline(T, &points, &p.fixed, &p.moving, &o));
    CHECK(field.ndim == 5 && field.dim[4] == (t->flat ? 2 : 3) && !memcmp(field.affine, p.fixed.affine, 96));
    CHECK(points.dim[0] == (few[0] - 1) / 5 + 4 && points.dim[4] == field.dim[4]);
    CHECK(error_of(&p, &field, 3) < most);
    CHECK(rep.folded == 0 && rep.level == 0 && rep.energy < rep.first && rep.iterations[0] > 0);
    memset(&link, 0, sizeof link); /* the control points say the same as the field */
    link.kind = MEDVOL_TRANSFORM_BSPLINE, link.field = &points;
    CHECK_OK(mv_transform_field(T, &seen, &p.fixed, &link, 1));
    CHECK(mv_volume_count(&seen) == mv_volume_count(&field));
    for (i = 0; i < mv_volume_count(&seen); i++)
        worst = fmax(worst, fabs((double)((float *)seen.data)[i] - (double)((float *)field.data)[i]));
    CHECK(worst < 2e-4);
    same(&field, slot, tol);
    mv_volume_free(T, &seen), mv_volume_free(T, &field), mv_volume_free(T, &points);
    pair_free(&p);
}
static void waves(void) {
    truth t;
    int metric;
    plain(&t, 0, 1);
    for (metric = 0; metric <= MEDVOL_MI; metric++)
        run(&t, (mv_similarity)metric, 0, metric, metric == MEDVOL_MI ? 0.3 : 0.17,
            metric == MEDVOL_MI ? 0.2 : 0.12);
}
static void waves_plane(void) {
    truth t;
    int metric;
    plain(&t, 1, 1);
    for (metric = 0; metric <= MEDVOL_MI; metric++)
        run(&t, (mv_similarity)metric, 0, 4 + metric, metric == MEDVOL_MI ? 0.3 : 0.12,
            metric == MEDVOL_MI ? 0.2 : 0.12);
}
static void windows(void) { /* local correlation */
    truth t;
    int flat;
    for (flat = 0; flat < 2; flat++) {
        plain(&t, flat, 1);
        run(&t, MEDVOL_NCC, 1 + flat, 12 + flat, 0.15, 0.12);
    }
}
static void affine(void) { /* translations and affine maps are splines, too */
    truth t;
    int flat;
    for (flat = 0; flat < 2; flat++) {
        plain(&t, flat, 0);
        t.slope[3] = 1.7, t.slope[7] = -1.2, t.slope[11] = flat ? 0 : 0.9;
        run(&t, MEDVOL_SSD, 0, 8 + flat, 0.05, 0.12);
        t.slope[0] = 0.06, t.slope[1] = -0.05, t.slope[4] = 0.04, t.slope[5] = -0.05;
        if (!flat) t.slope[2] = 0.03, t.slope[10] = 0.05;
        run(&t, MEDVOL_NCC, 0, 10 + flat, 0.1, 0.12);
    }
}
static void spline(void) { /* on the very lattice that is looked for: nearly exact */
    mv_register_bspline_opt o = {0};
    mv_volume points = {0}, field = {0}, first = {0};
    mv_transform link;
    double a[12];
    size_t i, c, n;
    truth t;
    pair p;
    int flat;
    for (flat = 0; flat < 2; flat++) {
        plain(&t, flat, 0);
        pair_make(&p, &t);
        o.control.levels = 1, o.control.iterations = 1, o.bending = 0, o.field = NULL;
        CHECK_OK(mv_register_bspline(T, &points, &p.fixed, &p.fixed, &o));
        pair_free(&p);
        n = mv_volume_count(&points) / points.dim[4];
        for (c = 0; c < points.dim[4]; c++)
            for (i = 0; i < n; i++) {
                const size_t x = i % points.dim[0], y = i / points.dim[0] % points.dim[1],
                             z = i / points.dim[0] / points.dim[1];
                ((float *)points.data)[c * n + i] =
                    (float)(1.6 * sin(0.8 * (double)x + (double)c) * cos(0.7 * (double)y - (double)c + 0.6 * (double)z));
            }
        memset(&link, 0, sizeof link);
        link.kind = MEDVOL_TRANSFORM_BSPLINE, link.field = &points;
        plain(&t, flat, 2);
        t.spline = &link;
        pair_make(&p, &t);
        memcpy(a, points.affine, sizeof a);
        o.control.levels = 0, o.control.iterations = 150, o.bending = 1e-3, o.metric = MEDVOL_SSD,
            o.field = &field;
        CHECK_OK(mv_register_bspline(T, &first, &p.fixed, &p.moving, &o));
        CHECK(!memcmp(a, first.affine, sizeof a));
        CHECK(error_of(&p, &field, 3) < (flat ? 0.08 : 0.13));
        mv_volume_free(T, &points), mv_volume_free(T, &first), mv_volume_free(T, &field);
        pair_free(&p);
    }
}
static void start(void) { /* T(p) = A(p + u(p)): the chain of control points and start shows the fixed image */
    static const double to[12] = {0.97, -0.15, 0.05, 2, 0.14, 1.03, -0.06, -1.5, -0.03, 0.07, 1.0, 1};
    mv_register_bspline_opt o = {0};
    mv_volume points = {0}, seen = {0}, field = {0};
    mv_transform chain[2];
    double sum = 0, plain_sum = 0;
    size_t i;
    truth t;
    pair p;
    plain(&t, 0, 1);
    memcpy(t.to, to, sizeof to);
    CHECK_OK(mv_affine_invert(t.back, t.to));
    pair_make(&p, &t);
    o.start = t.to, o.field = &field, o.bending = 0.02;
    CHECK_OK(mv_register_bspline(T, &points, &p.fixed, &p.moving, &o));
    CHECK(error_of(&p, &field, 3) < 0.15);
    memset(chain, 0, sizeof chain);
    chain[0].kind = MEDVOL_TRANSFORM_BSPLINE, chain[0].field = &points;
    chain[1].kind = MEDVOL_TRANSFORM_AFFINE;
    memcpy(chain[1].affine, t.to, sizeof t.to);
    CHECK_OK(mv_warp(T, &seen, &p.moving, &p.fixed, chain, 2, NULL));
    for (i = 0; i < mv_volume_count(&seen); i++) {
        const double f = (double)((float *)p.fixed.data)[i], w = (double)((float *)seen.data)[i];
        const size_t x = i % few[0], y = i / few[0] % few[1], z = i / few[0] / few[1];
        if (x < 4 || x > 35 || y < 4 || y > 31 || z < 3 || z > 16) continue;
        sum += (f - w) * (f - w), plain_sum += f * f;
    }
    CHECK(sum < 2e-3 * plain_sum);
    mv_volume_free(T, &seen), mv_volume_free(T, &field), mv_volume_free(T, &points);
    pair_free(&p);
}
static void nothing(void) { /* identical images, with noise of their own: next to no motion */
    mv_register_bspline_opt o = {0};
    mv_volume points = {0}, field = {0}, noisy = {0};
    double most = 0;
    size_t i;
    truth t;
    pair p;
    plain(&t, 0, 0);
    pair_make(&p, &t);
    o.field = &field;
    CHECK_OK(mv_register_bspline(T, &points, &p.fixed, &p.fixed, &o));
    for (i = 0; i < mv_volume_count(&field); i++) most = fmax(most, fabs((double)((float *)field.data)[i]));
    CHECK(most < 0.02 * 1.1);
    CHECK_OK(mv_volume_copy(T, &noisy, &p.fixed));
    t_seed(4);
    for (i = 0; i < mv_volume_count(&noisy); i++) ((float *)noisy.data)[i] += (float)t_uniform(-1.5, 1.5);
    CHECK_OK(mv_register_bspline(T, &points, &p.fixed, &noisy, &o));
    CHECK(error_of(&p, &field, 0) < 0.25); /* interpolation evens out the noise of the moving one */
    mv_volume_free(T, &field), mv_volume_free(T, &points), mv_volume_free(T, &noisy);
    pair_free(&p);
}
static void spoil(mv_volume *v, float value, mv_volume *mask) { /* a corner region, left out by the mask */
    size_t i;
    for (i = 0; i < mv_volume_count(v); i++) {
        const size_t x = i % v->dim[0], y = i / v->dim[0] % v->dim[1], z = i / v->dim[0] / v->dim[1];
        const int in = x > v->dim[0] / 2 && y > v->dim[1] * 3 / 5 && z < v->dim[2] / 2;
        if (in) ((float *)v->data)[i] = value + 30.0f * (float)(x % 5);
        if (mask) ((uint8_t *)mask->data)[i] = in ? 0 : 1;
    }
}
static void masks(void) {
    mv_register_bspline_opt o = {0};
    mv_volume points = {0}, field = {0}, mask = {0};
    double without, with;
    size_t i;
    truth t;
    pair p;
    int moving;
    for (moving = 0; moving < 2; moving++) {
        plain(&t, 0, 1);
        pair_make(&p, &t);
        memset(&o, 0, sizeof o);
        o.field = &field, o.metric = MEDVOL_SSD, o.bending = 0.1;
        CHECK_OK(mv_volume_alloc(T, &mask, MEDVOL_U8, 3, moving ? other : few));
        spoil(moving ? &p.moving : &p.fixed, 150, &mask);
        CHECK_OK(mv_register_bspline(T, &points, &p.fixed, &p.moving, &o));
        without = error_of(&p, &field, 3);
        if (moving) o.moving_mask = &mask;
        else o.fixed_mask = &mask;
        CHECK_OK(mv_register_bspline(T, &points, &p.fixed, &p.moving, &o));
        with = error_of(&p, &field, 3);
        CHECK(with < 0.35 && with < 0.6 * without);
        memset(mask.data, 0, mv_volume_count(&mask));
        CHECK_STATUS(mv_register_bspline(T, &points, &p.fixed, &p.moving, &o), MEDVOL_E_EMPTY);
        o.moving_mask = o.fixed_mask = NULL;
        spoil(moving ? &p.moving : &p.fixed, NAN, NULL); /* voxels that are not numbers have no weight */
        ((float *)p.moving.data)[123] = INFINITY;
        CHECK_OK(mv_register_bspline(T, &points, &p.fixed, &p.moving, &o));
        CHECK(error_of(&p, &field, 3) < 0.45);
        for (i = 0; i < mv_volume_count(&field); i++)
            if (!CHECK(fabs((double)((float *)field.data)[i]) < 50)) break;
        mv_volume_free(T, &mask), mv_volume_free(T, &field), mv_volume_free(T, &points);
        pair_free(&p);
    }
}
static void folds(void) { /* without bending energy noise folds; the report says how often */
    mv_register_bspline_opt o = {0};
    mv_jacobian_opt strict = {0};
    mv_jacobian_stats stats;
    mv_register_report rep;
    mv_volume points = {0}, field = {0};
    size_t i;
    truth t;
    pair p;
    plain(&t, 0, 1);
    pair_make(&p, &t);
    t_seed(12);
    for (i = 0; i < mv_volume_count(&p.fixed); i++) ((float *)p.fixed.data)[i] += (float)t_uniform(-60, 60);
    for (i = 0; i < mv_volume_count(&p.moving); i++) ((float *)p.moving.data)[i] += (float)t_uniform(-60, 60);
    o.field = &field, o.bending = -1, o.grid[0] = o.grid[1] = o.grid[2] = 2, o.control.report = &rep;
    o.control.iterations = 40;
    CHECK_OK(mv_register_bspline(T, &points, &p.fixed, &p.moving, &o));
    strict.strict = 1;
    CHECK_OK(mv_field_jacobian(T, NULL, &stats, &field, &strict));
    CHECK(rep.folded > 0 && rep.folded == stats.folded);
    o.field = NULL, o.bending = 0; /* counted without a field, too */
    CHECK_OK(mv_register_bspline(T, &points, &p.fixed, &p.moving, &o));
    CHECK(rep.folded < stats.folded);
    mv_volume_free(T, &field), mv_volume_free(T, &points);
    pair_free(&p);
}
static void small(void) { /* images of few voxels, cells of one voxel and of more than there are */
    static const size_t dims[5][3] = {{2, 2, 1}, {2, 2, 2}, {3, 9, 4}, {17, 2, 3}, {9, 8, 7}};
    size_t i, s;
    int g;
    for (s = 0; s < 5; s++)
        for (g = 1; g <= 64; g *= 4) {
            mv_register_bspline_opt o = {0};
            mv_volume points = {0}, field = {0}, f = {0}, m = {0};
            double a[12];
            truth t;
            plain(&t, dims[s][2] == 1, 1);
            grid(a, dims[s], 1.5, 1.3, 1.7, 0.1, 0, 1);
            image(&f, dims[s], t.flat ? 2 : 3, a, &t, 0), image(&m, dims[s], t.flat ? 2 : 3, a, &t, 1);
            o.grid[0] = o.grid[1] = o.grid[2] = g, o.field = &field, o.control.levels = 3;
            CHECK_OK(mv_register_bspline(T, &points, &f, &m, &o));
            CHECK(points.dim[0] == (dims[s][0] - 1) / (size_t)g + 4);
            for (i = 0; i < mv_volume_count(&field); i++)
                if (!CHECK(fabs((double)((float *)field.data)[i]) < 40)) break;
            mv_volume_free(T, &points), mv_volume_free(T, &field), mv_volume_free(T, &f), mv_volume_free(T,
                &m);
        }
}
static void places(void) { /* destinations with strides, integers, results that exist already */
    static const size_t dim[5] = {40, 36, 20, 1, 3}, cdim[5] = {11, 11, 7, 1, 3};
    static const ptrdiff_t stride[5] = {1, 43, 43 * 37, 43 * 37 * 20, 43 * 37 * 20 + 5},
                           cstride[5] = {1, 13, 13 * 12, 13 * 12 * 7, 13 * 12 * 7 + 1};
    mv_register_bspline_opt o = {0};
    mv_volume points = {0}, field = {0}, wide, cwide, whole = {0};
    float *room = (float *)malloc(sizeof *room * (43 * 37 * 20 + 5) * 3),
          *croom = (float *)malloc(sizeof *croom * (13 * 12 * 7 + 1) * 3);
    size_t i;
    truth t;
    pair p;
    plain(&t, 0, 1);
    pair_make(&p, &t);
    CHECK_OK(mv_convert(T, &whole, &p.fixed, MEDVOL_I16, NULL));
    o.control.iterations = 3, o.grid[2] = 5, o.field = &field;
    CHECK_OK(mv_register_bspline(T, &points, &whole, &p.moving, &o));
    if (CHECK(room && croom)) {
        CHECK_OK(mv_volume_wrap(T, &wide, room, MEDVOL_F32, 5, dim, stride));
        CHECK_OK(mv_volume_wrap(T, &cwide, croom, MEDVOL_F32, 5, cdim, cstride));
        o.field = &wide;
        CHECK_OK(mv_register_bspline(T, &cwide, &whole, &p.moving, &o));
        for (i = 0; i < mv_volume_count(&field); i++)
            if (room[i % 40 + 43 * (i / 40 % 36) + 43 * 37 * (i / 1440 % 20) + (43 * 37 * 20 + 5) * (i / 28800)] !=
                ((float *)field.data)[i])
                break;
        CHECK(i == mv_volume_count(&field));
        for (i = 0; i < mv_volume_count(&points); i++)
            if (croom[i % 11 + 13 * (i / 11 % 11) + 156 * (i / 121 % 7) + (156 * 7 + 1) * (i / 847)] !=
                ((float *)points.data)[i])
                break;
        CHECK(i == mv_volume_count(&points) && !memcmp(cwide.affine, points.affine, 96));
    }
    free(room), free(croom);
    mv_volume_free(T, &points), mv_volume_free(T, &field), mv_volume_free(T, &whole);
    pair_free(&p);
}
static int asked;
static int stop_at(void *user, const mv_register_step *s) {
    CHECK(s->iteration >= 1 && s->level >= 0 && s->energy == s->energy && s->update >= 0);
    return ++asked == *(const int *)user;
}
static int count_to(void *user, double done, double total, const char *label) {
    CHECK(done <= total && label);
    return --*(int *)user == 0;
}
static void control(void) {
    mv_register_bspline_opt o = {0};
    mv_register_report rep;
    mv_volume points = {0}, field = {0};
    double last = 1e300;
    int when = 3, left, k;
    truth t;
    pair p;
    plain(&t, 0, 1);
    pair_make(&p, &t);
    o.field = &field, o.control.report = &rep, o.control.step = stop_at, o.control.user = &when;
    asked = 0;
    CHECK_OK(mv_register_bspline(T, &points, &p.fixed, &p.moving, &o));
    CHECK(rep.stop == MEDVOL_STOP_CALLER && asked == 3 && rep.level == rep.levels - 1);
    CHECK(field.dim[0] == few[0] && error_of(&p, &field, 3) < 2.5); /* on the finest lattice all the same */
    o.control.step = NULL, o.control.seconds = 1e-9;
    if (!T_SMALL) { /* there is a clock */
        CHECK_OK(mv_register_bspline(T, &points, &p.fixed, &p.moving, &o));
        CHECK(rep.stop == MEDVOL_STOP_TIME);
    }
    mv_volume_free(T, &points), mv_volume_free(T, &field);
    o.control.seconds = 0, left = 4;
    T->desc.progress = count_to, T->desc.progress_user = &left;
    CHECK_STATUS(mv_register_bspline(T, &points, &p.fixed, &p.moving, &o), MEDVOL_E_CANCELLED);
    CHECK(!points.data && !field.data);
    T->desc.progress = NULL;
    o.control.levels = 1, o.control.slope = -1, o.control.tolerance = 1e-9;
    for (k = 1; k < 30; k *= 3) { /* more steps, less energy */
        o.control.iterations = k;
        CHECK_OK(mv_register_bspline(T, &points, &p.fixed, &p.moving, &o));
        CHECK(rep.energy < last && rep.iterations[0] <= k && rep.levels == 1);
        last = rep.energy;
    }
    mv_volume_free(T, &points), mv_volume_free(T, &field);
    pair_free(&p);
}
#define REFUSED(what, value, status)                                                                         \
    do {                                                                                                     \
        mv_register_bspline_opt o_ = {0};                                                                    \
        o_.what = value;                                                                                     \
        CHECK_STATUS(mv_register_bspline(T, &points, &p.fixed, &p.moving, &o_), status);                     \
        CHECK(mv_message(T)[0] && !points.data);                                                             \
    } while (0)
static void refused(void) {
    static const double singular[12] = {1, 0, 0, 0, 2, 0, 0, 0, 0, 0, 1, 0}, nan_map[12] = {NAN};
    mv_volume points = {0}, field = {0}, v = {0};
    mv_register_bspline_opt o = {0};
    truth t;
    pair p;
    plain(&t, 0, 1);
    pair_make(&p, &t);
    CHECK_STATUS(mv_register_bspline(T, NULL, &p.fixed, &p.moving, NULL), MEDVOL_E_NULL);
    CHECK_STATUS(mv_register_bspline(T, &points, NULL, &p.moving, NULL), MEDVOL_E_NULL);
    CHECK_STATUS(mv_register_bspline(T, &points, &p.fixed, NULL, NULL), MEDVOL_E_NULL);
    REFUSED(start, singular, MEDVOL_E_SINGULAR);
    REFUSED(start, nan_map, MEDVOL_E_RANGE);
    REFUSED(control.levels, 17, MEDVOL_E_RANGE);
    REFUSED(control.tolerance, NAN, MEDVOL_E_RANGE);
    REFUSED(metric, (mv_similarity)3, MEDVOL_E_RANGE);
    REFUSED(grid[1], 65, MEDVOL_E_RANGE);
    REFUSED(grid[2], -1, MEDVOL_E_RANGE);
    REFUSED(bending, NAN, MEDVOL_E_RANGE);
    REFUSED(bending, INFINITY, MEDVOL_E_RANGE);
    REFUSED(radius, 9, MEDVOL_E_RANGE);
    REFUSED(bins, 7, MEDVOL_E_RANGE);
    REFUSED(bins, 129, MEDVOL_E_RANGE);
    REFUSED(pairs, 21, MEDVOL_E_RANGE);
    REFUSED(fixed_mask, &p.moving, MEDVOL_E_SHAPE);
    REFUSED(moving_mask, &p.fixed, MEDVOL_E_SHAPE);
    REFUSED(field, &points, MEDVOL_E_ALIAS);
    REFUSED(field, &p.moving, MEDVOL_E_ALIAS);
    CHECK_STATUS(mv_register_bspline(T, &p.fixed, &p.fixed, &p.moving, NULL), MEDVOL_E_ALIAS);
    CHECK_OK(mv_volume_alloc(T, &v, MEDVOL_F32, 3, few)); /* neither shape */
    memset(v.data, 0, mv_volume_count(&v) * 4);
    REFUSED(field, &v, MEDVOL_E_SHAPE);
    CHECK_STATUS(mv_register_bspline(T, &v, &p.fixed, &p.moving, NULL), MEDVOL_E_SHAPE);
    memcpy(v.affine, p.fixed.affine, sizeof v.affine); /* constant */
    CHECK_STATUS(mv_register_bspline(T, &points, &v, &p.moving, NULL), MEDVOL_E_SINGULAR);
    CHECK_STATUS(mv_register_bspline(T, &points, &p.fixed, &v, NULL), MEDVOL_E_SINGULAR);
    v.affine[3] += 1e4; /* nothing of one lies in the other */
    ((float *)v.data)[5000] = 7;
    o.radius = 2, o.moving_mask = &v;
    CHECK_STATUS(mv_register_bspline(T, &points, &p.fixed, &v, &o), MEDVOL_E_UNSUPPORTED);
    o.radius = 0, o.moving_mask = NULL, o.field = &field;
    CHECK_STATUS(mv_register_bspline(T, &points, &p.fixed, &v, &o), MEDVOL_E_EMPTY);
    CHECK(!points.data && !field.data);
    mv_volume_free(T, &v);
    CHECK_OK(mv_volume_alloc(T, &v, MEDVOL_F32, 2, few));
    memset(v.data, 0, mv_volume_count(&v) * 4);
    CHECK_STATUS(mv_register_bspline(T, &points, &p.fixed, &v, NULL), MEDVOL_E_SHAPE);
    mv_volume_free(T, &v);
    pair_free(&p);
}
const t_case tests_bspline[] = {{"waves", waves, 0}, {"waves_plane", waves_plane, 0}, {"windows", windows, 0},
    {"affine", affine, 0},
    {"spline", spline, T_ONCE}, {"start", start, 0}, {"nothing", nothing, T_ONCE}, {"masks", masks, 0},
    {"folds", folds, T_ONCE}, {"small", small, 0}, {"places", places, T_ONCE}, {"control", control, 0},
    {"refused", refused, 0}, {0}};
