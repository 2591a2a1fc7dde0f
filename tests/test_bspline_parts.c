/* test_bspline_parts.c - what mv_register_bspline is made of: fields and their transpose against the
   definition, lattices of half the spacing, bending energy against an integral, and every slope against
   differences of the energy. This unit holds its own static copy, at the scalar level: test_bspline.c
   compares the others. */
#define MEDVOL_STATIC
#define MEDVOL_IMPLEMENTATION
#undef MEDVOL_MAX_LEVEL
#define MEDVOL_MAX_LEVEL 1
#define MEDVOL_NO_GZIP
#define MEDVOL_NO_IO
#define MEDVOL_NO_INTENSITY
#define MEDVOL_NO_SPATIAL
#define MEDVOL_NO_FFT
#define MEDVOL_NO_KSPACE
#define MEDVOL_NO_COILS
#define MEDVOL_NO_GRAPPA
#define MEDVOL_NO_SENSE
#define MEDVOL_NO_TRAJECTORY
#define MEDVOL_NO_NUFFT
#define MEDVOL_NO_ITERATE
#define MEDVOL_NO_MEASURE
#define MEDVOL_NO_STATS
#define MEDVOL_NO_NEAREST
#define MEDVOL_NO_CACHE
#define MEDVOL_NO_TRANSPORT
#include "test.h"

static const mv_asgd_opt *sampled; /* scenes are of samples */
typedef struct scene {
    mv_volume f, m;
    mv__rg_pyramid *p;
    mv_register_bspline_opt o;
    mv_register_lncc_opt windows;
    mv__bs d;
} scene;
static double blob(double x, double y, double z) {
    return 80 * exp(-(x * x / 50 + y * y / 70 + z * z / 40)) +
           30 * sin(0.35 * x + 0.2) * cos(0.3 * y - 0.25 * z) + 20 * cos(0.28 * z + 0.15 * x);
}
static void image(mv_volume *v, const size_t *dim, int ndim, double away) {
    static const double turn[12] = {1.1, 0.2, -0.1, 0, -0.15, 1.3, 0.12, 0, 0.05, -0.1, -1.2, 0};
    static const double flat[12] = {1.1, 0.2, 0, 0, -0.15, 1.3, 0, 0, 0, 0, 1, 0};
    size_t i;
    int r, c;
    CHECK_OK(mv_volume_alloc(T, v, MEDVOL_F32, ndim, dim));
    memcpy(v->affine, ndim > 2 ? turn : flat, sizeof turn);
    for (r = 0; r < ndim; r++)
        for (c = 0; c < ndim; c++) v->affine[4 * r + 3] -= v->affine[4 * r + c] * 0.5 * (double)(dim[c] - 1);
    for (i = 0; i < mv_volume_count(v); i++) {
        double x[3], p[3];
        x[0] = (double)(i % dim[0]), x[1] = (double)(i / dim[0] % dim[1]);
        x[2] = ndim > 2 ? (double)(i / dim[0] / dim[1]) : 0;
        mv_affine_apply(p, v->affine, x);
        ((float *)v->data)[i] = (float)blob(p[0] - away, p[1] + 0.7 * away, p[2] - 0.4 * away);
    }
}
/* the moving image is wider by 6 voxels at each side: nothing leaves it */
static int scene_make(scene *s, int flat, mv_similarity metric, int radius, int level) {
    static const size_t dim[3] = {26, 23, 21};
    size_t wide[3];
    int k;
    memset(s, 0, sizeof *s);
    for (k = 0; k < 3; k++) wide[k] = dim[k] + 12;
    image(&s->f, dim, flat ? 2 : 3, 0);
    image(&s->m, wide, flat ? 2 : 3, 0.8);
    s->o.metric = metric, s->o.radius = radius;
    s->o.grid[0] = 5, s->o.grid[1] = 4, s->o.grid[2] = 6;
    s->o.bending = 0.3, s->o.bins = 16, s->o.control.levels = level + 1;
    if (sampled) s->o.asgd = *sampled, s->o.optimizer = MEDVOL_OPTIMIZER_ASGD;
    CHECK_OK(mv__bs_options(T, &s->o, &s->f, "test"));
    if (!CHECK((s->p = (mv__rg_pyramid *)calloc(2, sizeof *s->p)) != NULL)) return 0;
    s->p[0].levels = mv__rg_levels(&s->f, level + 1, &s->p[0].opt);
    s->p[1].levels = mv__rg_levels(&s->m, level + 1, &s->p[1].opt);
    CHECK_OK(mv__rg_pyramid_make(T, &s->p[0], "test", "f", &s->f, NULL, ""));
    CHECK_OK(mv__rg_pyramid_make(T, &s->p[1], "test", "m", &s->m, NULL, ""));
    if (metric == MEDVOL_SSD && !radius) s->p[1].mean = s->p[0].mean, s->p[1].scale = s->p[0].scale;
    s->d.o = &s->o, s->d.op = "test";
    s->windows.descent = MEDVOL_DESCENT_GRADIENT, s->windows.full = 1;
    if (radius) s->d.windows = &s->windows;
    mv__bs_level_of(&s->d, s->p, &s->p[0].level[0], level);
    mv__bs_shape(&s->d);
    if (sampled) mv__sg_shape(&s->d);
    CHECK_OK(mv__bs_begin(T, &s->d));
    s->d.sg.voxels = s->d.n[0] * s->d.n[1] * s->d.n[2];
    if (metric == MEDVOL_MI && !radius) mv__bs_spans(&s->d);
    return 1;
}
static void scene_free(scene *s) {
    mv__bs_free(T, &s->d);
    mv__rg_pyramid_free(T, &s->p[0]);
    mv__rg_pyramid_free(T, &s->p[1]);
    free(s->p);
    mv_volume_free(T, &s->f), mv_volume_free(T, &s->m);
}
static double cubic(double t) {
    t = fabs(t);
    return t < 1 ? 2.0 / 3 - t * t + t * t * t / 2 : t < 2 ? (2 - t) * (2 - t) * (2 - t) / 6 : 0;
}
/* B of control point i at voxel v along axis k */
static double share(const mv__bs *d, int k, size_t i, double v) {
    if (d->c[k] == 1) return 1;
    return cubic((v + d->phase[k]) / (double)d->s[k] - ((double)i - 1));
}
static double defined(const mv__bs *d, const double *x, const double *v) {
    double sum = 0;
    size_t i, j, k;
    for (k = 0; k < d->c[2]; k++)
        for (j = 0; j < d->c[1]; j++)
            for (i = 0; i < d->c[0]; i++)
                sum += share(d, 0, i, v[0]) * share(d, 1, j, v[1]) * share(d, 2, k, v[2]) *
                       x[(k * d->c[1] + j) * d->c[0] + i];
    return sum;
}
static void fill(double *x, size_t n, double most) {
    size_t i;
    for (i = 0; i < n; i++) x[i] = t_uniform(-most, most);
}
/* the field is that of the definition, and what takes slopes back its transpose */
static void adjoint_of(int flat, int level) {
    scene s;
    mv__bs *d = &s.d;
    mv__bs_fold q;
    mv_volume like, u = {0};
    double left[3] = {0, 0, 0}, right[3] = {0, 0, 0};
    size_t i, voxels;
    int c, r;
    if (!scene_make(&s, flat, MEDVOL_NCC, 0, level)) return;
    t_seed(5);
    fill(d->x, (size_t)d->axes * d->count, 3);
    mv__bs_like(&like, d->n, s.f.affine, d->axes);
    CHECK_OK(mv_volume_alloc(T, &u, MEDVOL_F32, 5, like.dim));
    CHECK_OK(mv__bs_field_make(T, d, &u));
    voxels = d->n[0] * d->n[1] * d->n[2];
    for (i = 0; i < voxels; i += 7)
        for (c = 0; c < d->axes && CHECK(u.data != NULL); c++) {
            double v[3];
            v[0] = (double)(i % d->n[0]), v[1] = (double)(i / d->n[0] % d->n[1]);
            v[2] = (double)(i / d->n[0] / d->n[1]);
            CHECK_NEAR((double)((float *)u.data)[(size_t)c * voxels + i],
                       defined(d, d->x + (size_t)c * d->count, v), 1e-5);
        }
    mv_affine_identity(d->turn);
    if (flat) d->turn[9] = 1; /* images stand on edge: the second component moves along axis 2 */
    d->factor = 1, d->mov.scale = 1, d->look = 0, d->pull = 1, d->curve = 0;
    d->k[0] = d->k[1] = 0, d->k[2] = 1;
    for (r = 0; r < 5; r++)
        for (i = 0; i < voxels; i++) d->keep[r][i] = r == 4 ? 1 : (float)t_uniform(-1, 1);
    CHECK_OK(mv_parallel_for(T, d->jobs, mv__bs_job, d, NULL));
    q.d = d, q.g = d->g, q.p = d->p;
    CHECK_OK(mv_parallel_for(T, d->c[2], mv__bs_fold_job, &q, NULL));
    for (c = 0; c < d->axes; c++) {
        const float *slope = d->keep[1 + d->ax[c]];
        for (i = 0; i < voxels; i++)
            left[c] += (double)((float *)u.data)[(size_t)c * voxels + i] * (double)slope[i];
        for (i = 0; i < d->count; i++)
            right[c] += d->x[(size_t)c * d->count + i] * d->g[(size_t)c * d->count + i];
        CHECK_NEAR(left[c], right[c], 2e-6 * (double)voxels);
        CHECK(fabs(left[c]) > 1e-2);
    }
    mv_volume_free(T, &u);
    scene_free(&s);
}
static void adjoint(void) {
    adjoint_of(0, 0), adjoint_of(0, 1), adjoint_of(1, 0), adjoint_of(1, 1);
}
static void refined(void) { /* every second control point gives way to all of them: the same function */
    int flat, c, k, halved[3];
    for (flat = 0; flat < 2; flat++) {
        scene a, b;
        double v[3], w[3];
        int i;
        if (!scene_make(&a, flat, MEDVOL_SSD, 0, 1) || !scene_make(&b, flat, MEDVOL_SSD, 0, 0)) return;
        fill(a.d.x, (size_t)a.d.axes * a.d.count, 3);
        for (k = 0; k < 3; k++) halved[k] = a.d.h[k] > 1.5 * b.d.h[k];
        CHECK(halved[0] && halved[2] && halved[1] == !flat);
        mv__bs_refine(b.d.x, b.d.c, a.d.x, a.d.c, halved, a.d.axes);
        for (i = 0; i < 50; i++) {
            for (k = 0; k < 3; k++) {
                w[k] = t_uniform(0, (double)(b.d.n[k] - 1)); /* of the finer level */
                v[k] = halved[k] ? w[k] / 2 - a.d.phase[k] : w[k];
            }
            for (c = 0; c < a.d.axes; c++)
                CHECK_NEAR(defined(&a.d, a.d.x + (size_t)c * a.d.count, v),
                           defined(&b.d, b.d.x + (size_t)c * b.d.count, w), 1e-12);
        }
        scene_free(&a), scene_free(&b);
    }
}
/* the derivative of an energy by control point i, by differences */
static double difference(mv__bs *d, size_t i, double h) {
    const double was = d->x[i];
    double a, b;
    d->x[i] = was + h;
    CHECK_OK(mv__bs_evaluate(T, d, d->x, d->g1, &a));
    d->x[i] = was - h;
    CHECK_OK(mv__bs_evaluate(T, d, d->x, d->g1, &b));
    d->x[i] = was;
    return (a - b) / (2 * h);
}
/* Positions far from faces of cells, where the interpolated image has no slope: a displacement that moves every
   voxel near the middle of a cell, and up to `most` mm of noise. */
static void middle(mv__bs *d, double most) {
    double base[3] = {0, 0, 0}, room;
    int k, r, c;
    do {
        for (c = 0; c < d->axes; c++) base[c] = t_uniform(-0.8, 0.8);
        for (k = 0, room = 1; k < d->axes; k++) {
            double at = 0, by = 0;
            r = d->ax[k];
            for (c = 0; c < d->axes; c++)
                at += d->turn[4 * r + c] * base[c], by += fabs(d->turn[4 * r + c]) * most;
            room = fmin(room, 0.5 - fabs(at - floor(at) - 0.5) - by);
        }
    } while (room < 0.1);
    for (c = 0; c < d->axes; c++) {
        size_t i;
        for (i = 0; i < d->count; i++)
            d->x[(size_t)c * d->count + i] = base[c] + t_uniform(-most, most);
    }
}
static void slopes_of(int flat, mv_similarity metric, int radius, int level, double h, double tol) {
    scene s;
    double e, most = 0;
    size_t i, n;
    int k;
    if (!scene_make(&s, flat, metric, radius, level)) return;
    t_seed(8);
    n = (size_t)s.d.axes * s.d.count;
    middle(&s.d, 0.2);
    for (k = 0; k < 12; k++) CHECK(s.d.m[k] == floor(s.d.m[k])); /* from voxels to voxels */
    CHECK_OK(mv__bs_evaluate(T, &s.d, s.d.x, s.d.g, &e));
    CHECK(radius || s.d.all[0] == (double)(s.d.n[0] * s.d.n[1] * s.d.n[2])); /* nothing left the image */
    for (i = 0; i < n; i++) most = fmax(most, fabs(s.d.g[i]));
    CHECK(most > 0);
    for (k = 0; k < 40; k++) {
        i = (size_t)t_uniform(0, (double)n - 0.01);
        CHECK_NEAR(difference(&s.d, i, h), s.d.g[i], tol * most);
    }
    scene_free(&s);
}
static void slopes(void) {
    int flat;
    for (flat = 0; flat < 2; flat++) {
        slopes_of(flat, MEDVOL_SSD, 0, 0, 2e-2, 5e-4);
        slopes_of(flat, MEDVOL_SSD, 0, 1, 2e-2, 5e-4);
        slopes_of(flat, MEDVOL_NCC, 0, 0, 2e-2, 5e-4);
        slopes_of(flat, MEDVOL_NCC, 0, 1, 2e-2, 5e-4);
        slopes_of(flat, MEDVOL_NCC, 1, 0, 2e-2, 2e-3);
        slopes_of(flat, MEDVOL_NCC, 3, 1, 2e-2, 2e-3);
        slopes_of(flat, MEDVOL_MI, 0, 0, 0.1, flat ? 0.02 : 0.01);
    }
}
/* the mean of squared second derivatives, by the midpoint rule on a lattice of 8 points a cell */
static double integral(const mv__bs *d, const double *x) {
    enum { EACH = 8 };
    double sum = 0, v[3][3][4];
    size_t count = 0, p[3], end[3], k[3];
    int a, b;
    for (a = 0; a < 3; a++) end[a] = d->c[a] > 1 ? (d->c[a] - 3) * EACH : 1;
    for (p[2] = 0; p[2] < end[2]; p[2]++)
        for (p[1] = 0; p[1] < end[1]; p[1]++)
            for (p[0] = 0; p[0] < end[0]; p[0]++, count++) {
                for (a = 0; a < 3; a++) mv__bs_pieces(((double)(p[a] % EACH) + 0.5) / EACH, v[a]);
                for (a = 0; a < 3; a++)
                    for (b = a; b < 3; b++) {
                        double s = 0;
                        int order[3] = {0, 0, 0};
                        order[a]++, order[b]++;
                        if (d->c[a] == 1 || d->c[b] == 1) continue;
                        for (k[2] = 0; k[2] < (d->c[2] > 1 ? 4u : 1u); k[2]++)
                            for (k[1] = 0; k[1] < (d->c[1] > 1 ? 4u : 1u); k[1]++)
                                for (k[0] = 0; k[0] < 4; k[0]++) {
                                    const size_t row = (p[2] / EACH + k[2]) * d->c[1] + p[1] / EACH + k[1];
                                    double w = x[row * d->c[0] + p[0] / EACH + k[0]];
                                    int i;
                                    for (i = 0; i < 3; i++)
                                        if (d->c[i] > 1) w *= v[i][order[i]][k[i]] / pow(d->h[i], order[i]);
                                    s += w;
                                }
                        sum += (a == b ? 1 : 2) * s * s;
                    }
            }
    return sum / (double)count;
}
static void bending(void) {
    int flat, c;
    for (flat = 0; flat < 2; flat++) {
        scene s;
        double e = 0, want = 0, h = 0.5, up = 0, down = 0;
        size_t i, n;
        int k;
        if (!scene_make(&s, flat, MEDVOL_SSD, 0, 0)) return;
        n = (size_t)s.d.axes * s.d.count;
        t_seed(3);
        fill(s.d.x, n, 2);
        memset(s.d.g, 0, n * sizeof *s.d.g);
        CHECK_OK(mv__bs_stiffness(T, &s.d, s.d.x, s.d.g, &e));
        for (c = 0; c < s.d.axes; c++) want += s.d.lambda * integral(&s.d, s.d.x + (size_t)c * s.d.count);
        CHECK_NEAR(e, want, 0.01 * want);
        for (k = 0; k < 30; k++) { /* of a quadratic, differences are exact */
            i = (size_t)t_uniform(0, (double)n - 0.01);
            memset(s.d.g1, 0, n * sizeof *s.d.g);
            up = down = 0;
            s.d.x[i] += h;
            CHECK_OK(mv__bs_stiffness(T, &s.d, s.d.x, s.d.g1, &up));
            s.d.x[i] -= 2 * h;
            CHECK_OK(mv__bs_stiffness(T, &s.d, s.d.x, s.d.g1, &down));
            s.d.x[i] += h;
            CHECK_NEAR((up - down) / (2 * h), s.d.g[i], 1e-10 * e);
        }
        for (i = 0; i < n; i++) { /* a linear field does not bend */
            const size_t x = i % s.d.c[0], y = i / s.d.c[0] % s.d.c[1], z = i / s.d.plane % s.d.c[2];
            s.d.x[i] = 0.3 * (double)x - 0.2 * (double)y + 0.1 * (double)z + 1;
            s.d.g[i] = 0;
        }
        e = 0;
        CHECK_OK(mv__bs_stiffness(T, &s.d, s.d.x, s.d.g, &e));
        CHECK(fabs(e) < 1e-12);
        for (i = 0; i < n; i++)
            if (!CHECK(fabs(s.d.g[i]) < 1e-12)) break;
        scene_free(&s);
    }
}
static void remembered(void) { /* BFGS: H y = s for the last pair, and a descent */
    scene s;
    mv__bs_pairs q;
    double slope;
    size_t i, n;
    int k;
    if (!scene_make(&s, 0, MEDVOL_SSD, 0, 0)) return;
    n = (size_t)s.d.axes * s.d.count;
    memset(&q, 0, sizeof q);
    q.unit = 1;
    t_seed(9);
    for (i = 0; i < s.d.count; i++) s.d.p[i] = t_uniform(0.5, 2);
    for (k = 0; k < 9; k++) { /* more than are held */
        fill(s.d.x, n, 1), fill(s.d.g, n, 1);
        for (i = 0; i < n; i++) {
            const double step = t_uniform(-1, 1);
            s.d.x1[i] = s.d.x[i] + step, s.d.g1[i] = s.d.g[i] + step * (1 + (double)(i % 7));
        }
        mv__bs_learn(&s.d, &q);
    }
    CHECK(q.held == s.o.pairs);
    for (i = 0; i < n; i++) s.d.g[i] = s.d.g1[i] - s.d.g[i];
    mv__bs_direction(&s.d, &q);
    for (i = 0; i < n; i++)
        if (!CHECK(fabs(s.d.d[i] + s.d.x1[i] - s.d.x[i]) < 1e-9)) break;
    fill(s.d.g, n, 1);
    mv__bs_direction(&s.d, &q);
    slope = mv__bs_dot(s.d.g, s.d.d, n);
    CHECK(slope < 0);
    scene_free(&s);
}
/* ---- adaptive stochastic gradient descent ---- */
static double sample(mv__bs *d, const double *x, double *g) {
    double e;
    mv__sg_floats(d, x);
    CHECK_OK(mv__sg_look(T, d, MV__SG_DRAW, 3, 3000, &e));
    CHECK_OK(mv__sg_slope(T, d, x, g, &e));
    return e;
}
static void drawn_of(int flat, mv_similarity metric, mv_sampler sampler, int level, double h, double tol) {
    mv_asgd_opt o;
    scene s;
    mv__bs *d = &s.d;
    double most = 0;
    size_t i, n;
    int k;
    memset(&o, 0, sizeof o);
    o.sampler = sampler, o.number_of_spatial_samples = 3000;
    sampled = &o;
    k = scene_make(&s, flat, metric, 0, level);
    sampled = NULL;
    if (!k) return;
    t_seed(8);
    n = (size_t)d->axes * d->count;
    fill(d->x, n, 0.8);
    sample(d, d->x, d->g);
    CHECK(d->all[0] == 3000); /* nothing left the image */
    for (i = 0; i < n; i++) most = fmax(most, fabs(d->g[i]));
    CHECK(most > 0);
    for (k = 0; k < 40; k++) {
        double up, down, was;
        i = (size_t)t_uniform(0, (double)n - 0.01);
        was = d->x[i];
        d->x[i] = was + h, up = sample(d, d->x, d->g1);
        d->x[i] = was - h, down = sample(d, d->x, d->g1);
        d->x[i] = was;
        CHECK_NEAR((up - down) / (2 * h), d->g[i], tol * most);
    }
    scene_free(&s);
}
static void drawn(void) { /* slopes at samples against differences of their energy, bending in it */
    int flat, sampler;
    for (flat = 0; flat < 2; flat++)
        for (sampler = 0; sampler < 2; sampler++) {
            drawn_of(flat, MEDVOL_SSD, (mv_sampler)sampler, sampler, 2e-3, 2e-3);
            drawn_of(flat, MEDVOL_NCC, (mv_sampler)sampler, !sampler, 2e-2, 5e-3);
            drawn_of(flat, MEDVOL_MI, (mv_sampler)sampler, 0, 0.05, 0.05);
        }
}
static void samples(void) { /* where they lie, what they see, and the order they are put in */
    mv_asgd_opt o;
    scene s;
    mv__bs *d = &s.d;
    mv__sg *q = &d->sg;
    double mean[3] = {0, 0, 0}, low[3] = {9, 9, 9}, high[3] = {0, 0, 0};
    size_t i, rows, seen = 0;
    double e;
    int k;
    memset(&o, 0, sizeof o);
    o.number_of_spatial_samples = 20000;
    sampled = &o;
    k = scene_make(&s, 0, MEDVOL_NCC, 0, 0);
    sampled = NULL;
    if (!k) return;
    t_seed(11);
    fill(d->x, (size_t)d->axes * d->count, 2);
    mv__sg_floats(d, d->x);
    CHECK_OK(mv__sg_look(T, d, MV__SG_DRAW, 1, 20000, &e));
    for (i = 0; i < 20000; i++) {
        float x[3];
        mv__sg_place(d, (uint64_t)i, x);
        for (k = 0; k < 3; k++) {
            mean[k] += (double)x[k] / 20000;
            low[k] = fmin(low[k], (double)x[k]), high[k] = fmax(high[k], (double)x[k]);
        }
        if (i % 500 == 0) { /* the displacement is that of the definition */
            const size_t base = q->base[i];
            const float *w = q->weights + 12 * i;
            double v[3], sum = 0;
            size_t a, b, c;
            for (k = 0; k < 3; k++) v[k] = (double)x[k];
            for (c = 0; c < 4; c++)
                for (b = 0; b < 4; b++)
                    for (a = 0; a < 4; a++)
                        sum += (double)w[a] * (double)w[4 + b] * (double)w[8 + c] *
                               d->x[base + a + b * d->c[0] + c * d->plane];
            CHECK_NEAR(sum, defined(d, d->x, v), 1e-5);
        }
    }
    for (k = 0; k < 3; k++) { /* evenly over the whole image */
        const double top = (double)(d->n[k] - 1);
        CHECK_NEAR(mean[k], 0.5 * top, 0.01 * top);
        CHECK(low[k] >= 0 && low[k] < 0.01 * top && high[k] <= top && high[k] > 0.99 * top);
    }
    mv__sg_sort(d, 20000);
    rows = d->c[1] * d->c[2];
    CHECK(q->first[0] == 0 && q->first[rows] == 20000);
    for (i = 0; i < rows; i++) {
        size_t j;
        for (j = q->first[i]; j < q->first[i + 1]; j++, seen++)
            if (!CHECK(q->base[q->order[j]] / d->c[0] == i)) break;
        for (j = q->first[i]; j + 1 < q->first[i + 1]; j++)
            if (!CHECK(q->order[j] < q->order[j + 1])) break;
    }
    CHECK(seen == 20000);
    scene_free(&s);
}
static void jacobians(void) { /* against the matrix C itself */
    static double c[1100][1100], b[1000][1100];
    mv_asgd_opt o;
    scene s;
    mv__bs *d = &s.d;
    mv__sg_terms t;
    double trace = 0, square = 0, most = 0, across = 0;
    size_t i, j, k;
    int made, flat;
    for (flat = 0; flat < 2; flat++) {
        const double axes = flat ? 2 : 3, both = axes + 2 * sqrt(2) * sqrt(axes);
        memset(&o, 0, sizeof o);
        o.number_of_jacobian_measurements = 1000;
        sampled = &o;
        made = scene_make(&s, flat, MEDVOL_SSD, 0, 0);
        sampled = NULL;
        if (!made || !CHECK(d->count <= 1100)) return;
        CHECK_OK(mv__sg_jacobians(T, d, &t));
        memset(b, 0, sizeof b), memset(c, 0, sizeof c);
        trace = square = most = across = 0;
        for (i = 0; i < 1000; i++) {
            const float *w = d->sg.weights + 12 * i;
            double sum = 0;
            for (k = 0; k < 64; k++) {
                const double v = (double)w[k % 4] * (double)w[4 + k / 4 % 4] * (double)w[8 + k / 16];
                if (v != 0) b[i][d->sg.base[i] + k % 4 + k / 4 % 4 * d->c[0] + k / 16 * d->plane] = v;
                sum += v * v;
            }
            trace += axes * sum / 1000;
            most = fmax(most, both * sum);
            for (j = 0; j < d->count; j++)
                for (k = 0; k < d->count && b[i][j] != 0; k++) c[j][k] += b[i][j] * b[i][k] / 1000;
        }
        for (j = 0; j < d->count; j++)
            for (k = 0; k < d->count; k++) square += axes * c[j][k] * c[j][k];
        for (i = 0; i < 1000; i++) {
            double sum = 0;
            for (j = 0; j < d->count; j++)
                for (k = 0; k < d->count && b[i][j] != 0; k++) sum += b[i][j] * c[j][k] * b[i][k];
            across = fmax(across, both * sum);
        }
        CHECK_NEAR(t.trace, trace, 1e-5 * trace);
        CHECK_NEAR(t.square, square, 1e-5 * square);
        CHECK_NEAR(t.most, most, 1e-5 * most);
        CHECK_NEAR(t.across, across, 1e-5 * across);
        scene_free(&s);
    }
}
static void gains(void) { /* steps in proportion to the length asked for; the sigmoid's values */
    mv_asgd_opt o;
    mv__sg_gain g[2], f;
    int k, made;
    for (k = 0; k < 2; k++) {
        scene s;
        memset(&o, 0, sizeof o);
        o.maximum_step_length = 0.01 * (k + 1); /* points about x are next to it */
        sampled = &o;
        made = scene_make(&s, 0, MEDVOL_SSD, 0, 0);
        sampled = NULL;
        if (!made) return;
        t_seed(2);
        fill(s.d.x, (size_t)s.d.axes * s.d.count, 1);
        memset(&g[k], 0, sizeof g[k]);
        g[k].hold = 20;
        CHECK_OK(mv__sg_estimate(T, &s.d, &g[k]));
        CHECK(g[k].alpha == 1 && g[k].top == 1 && g[k].bottom < -0.01 && g[k].bottom > -0.99 &&
            g[k].scale > 0);
        scene_free(&s);
    }
    CHECK_NEAR(g[1].a / g[0].a, 2, 0.03);
    memset(&f, 0, sizeof f);
    f.top = 1, f.bottom = -0.8, f.scale = 1e-3;
    CHECK_NEAR(mv__sg_sigmoid(&f, 0), 0, 1e-12);
    CHECK_NEAR(mv__sg_sigmoid(&f, 1), 1, 1e-12);
    CHECK_NEAR(mv__sg_sigmoid(&f, -1), -0.8, 1e-12);
    CHECK(mv__sg_sigmoid(&f, 1e-4) > 0 && mv__sg_sigmoid(&f, -1e-4) < 0);
    f.scale = 0;
    CHECK(mv__sg_sigmoid(&f, 1e-9) > 0.99 && mv__sg_sigmoid(&f, -1e-9) < -0.79 && fabs(mv__sg_sigmoid(&f,
        0)) < 1e-12);
}
const t_case tests_bspline_parts[] = {{"drawn", drawn, T_ONCE}, {"samples", samples, T_ONCE},
    {"jacobians", jacobians, T_ONCE}, {"gains", gains, T_ONCE},
    {"adjoint", adjoint, T_ONCE}, {"refined", refined, T_ONCE},
    {"slopes", slopes, T_ONCE}, {"bending", bending, T_ONCE}, {"remembered", remembered, T_ONCE}, {0}};
