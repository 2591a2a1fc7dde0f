/* test_cuda_affine.cpp - mv_cuda_register_affine beside mv_register_affine, and energies and steps beside sums over
   voxels written out in double. Images are sums of blobs, known at every point of the world, so the truth is exact. */
#include "cuda_test.h"

enum { BLOBS = 60 };
static double blob[BLOBS][5];
static void blobs(void) {
    int i, k;
    for (i = 0; i < BLOBS; i++) {
        for (k = 0; k < 3; k++) blob[i][k] = uniform() * 36 - 18;
        blob[i][3] = 2.5 + uniform() * (i % 4 ? 1.5 : 6);
        blob[i][4] = (40 + uniform() * 160) * (i % 3 ? 1 : -1);
    }
}
static double phantom(const double *p, int flat) {
    double s = 0;
    for (int i = 0; i < BLOBS; i++) {
        const double x = p[0] - blob[i][0], y = p[1] - blob[i][1], z = flat ? 0 : p[2] - blob[i][2],
                     d = (x * x + y * y + z * z) / (2 * blob[i][3] * blob[i][3]);
        if (d < 30) s += blob[i][4] * exp(-d);
    }
    return s;
}
/* ---- pairs: two grids of other sizes, directions, handedness and spacings; in host memory and on the device ---- */
struct image { mv_volume host, device; };
struct pair {
    double to[12], back[12]; /* fixed to moving */
    int flat;
    image fixed, moving;
};
static void image_free(image *v) {
    mv_volume_free(&cpu, &v->host);
    mv_cuda_volume_free(&gpu, &v->device);
}
static void image_send(image *v, mv_dtype type) {
    mv_cuda_volume_free(&gpu, &v->device);
    CHECK_STATUS(mv_cuda_upload(&gpu, &v->device, &v->host, type, NULL), MEDVOL_OK);
    CHECK_STATUS(mv_cuda_sync(&gpu), MEDVOL_OK); /* other contexts read it, too */
}
/* an affine whose middle voxel lies at c: turned about z and x, spacings s, first axis mirrored */
static void grid(double *a, const size_t *dim, const double *s, double turn, double tilt, int mirror, const double *c) {
    const double cz = cos(turn), sz = sin(turn), cx = cos(tilt), sx = sin(tilt);
    const double r[9] = {cz, -sz * cx, sz * sx, sz, cz * cx, -cz * sx, 0, sx, cx};
    for (int i = 0; i < 3; i++) {
        a[4 * i + 3] = c[i];
        for (int k = 0; k < 3; k++) {
            a[4 * i + k] = r[3 * i + k] * s[k] * (k == 0 && mirror ? -1 : 1);
            a[4 * i + 3] -= a[4 * i + k] * 0.5 * (double)(dim[k] - 1);
        }
    }
}
static void paint(mv_volume *v, const double *world_to_phantom, int flat) {
    float *f = (float *)v->data;
    for (size_t i = 0; i < mv_volume_count(v); i++) {
        const double x[3] = {(double)(i % v->dim[0]), (double)(i / v->dim[0] % v->dim[1]),
                             (double)(i / v->dim[0] / v->dim[1])};
        double p[3], q[3];
        mv_affine_apply(p, v->affine, x);
        mv_affine_apply(q, world_to_phantom, p);
        f[i] = (float)phantom(q, flat);
    }
}
static const double even[3] = {1.3, 1.4, 1.6}, uneven[3] = {1.5, 1.2, 1.3}, middle[3] = {0, 0, 0},
                    aside[3] = {3, -2, 4}, slant[3] = {0.48, 0.6, 0.64}, upright[3] = {0, 0, 1};
static const size_t few[3] = {26, 23, 20}, other[3] = {24, 25, 22}, wide[3] = {35, 34, 32}, long_one[3] = {33, 36, 34};
static void turned(double *t, double degrees, const double *axis, const double *shift) {
    const double a = degrees * 3.14159265358979 / 180, c = cos(a), s = sin(a);
    for (int i = 0; i < 3; i++) {
        t[4 * i + 3] = shift[i];
        for (int k = 0; k < 3; k++) t[4 * i + k] = axis[i] * axis[k] * (1 - c) + (i == k ? c : 0);
    }
    t[1] -= s * axis[2], t[4] += s * axis[2], t[2] += s * axis[1];
    t[8] -= s * axis[1], t[6] -= s * axis[0], t[9] += s * axis[0];
}
static void pair_make(pair *p, const double *to, int flat, const size_t *a, const size_t *b) {
    const int axes = flat ? 2 : 3;
    const size_t na[3] = {a[0], a[1], flat ? 1 : a[2]}, nb[3] = {b[0], b[1], flat ? 1 : b[2]};
    double one[12];
    memset(p, 0, sizeof *p);
    p->flat = flat;
    memcpy(p->to, to, sizeof p->to);
    CHECK_STATUS(mv_affine_invert(p->back, to), MEDVOL_OK);
    blobs();
    CHECK_STATUS(mv_volume_alloc(&cpu, &p->fixed.host, MEDVOL_F32, axes, na), MEDVOL_OK);
    CHECK_STATUS(mv_volume_alloc(&cpu, &p->moving.host, MEDVOL_F32, axes, nb), MEDVOL_OK);
    grid(p->fixed.host.affine, na, even, flat ? 0.1 : 0.2, flat ? 0 : 0.15, 0, middle);
    grid(p->moving.host.affine, nb, uneven, -0.1, flat ? 0 : -0.2, 1, flat ? middle : aside);
    mv_affine_identity(one);
    paint(&p->fixed.host, one, flat);
    paint(&p->moving.host, p->back, flat);
}
static void pair_send(pair *p) { image_send(&p->fixed, MEDVOL_F32), image_send(&p->moving, MEDVOL_F32); }
static void pair_free(pair *p) { image_free(&p->fixed), image_free(&p->moving); }
/* the greatest distance, mm, between where two maps take the points of a cube about the middle */
static double apart(const double *a, const double *b, int flat) {
    double worst = 0;
    for (int i = 0; i < 8; i++) {
        double p[3], x[3], y[3], d = 0;
        for (int k = 0; k < 3; k++) p[k] = i >> k & 1 ? 12 : -12;
        if (flat) p[2] = 0;
        mv_affine_apply(x, a, p);
        mv_affine_apply(y, b, p);
        for (int k = 0; k < 3; k++) d += (x[k] - y[k]) * (x[k] - y[k]);
        worst = fmax(worst, sqrt(d));
    }
    return worst;
}
static void change(mv_volume *v, int metric) { /* what each measure must bear */
    float *f = (float *)v->data;
    for (size_t i = 0; i < mv_volume_count(v); i++) {
        if (metric == MEDVOL_NCC) f[i] = 0.4f * f[i] + 300;
        if (metric == MEDVOL_MI) f[i] = 100 - 0.5f * f[i] - 0.0015f * f[i] * f[i];
    }
}
static void true_map(double *t, int model, int flat, double degrees) {
    static const double shift[3] = {3, -2.5, 2}, level[3] = {3, -2.5, 0};
    turned(t, model == MEDVOL_TRANSLATION ? 0 : degrees, flat ? upright : slant, flat ? level : shift);
    for (int k = 0; k < 12; k++)
        if (k % 4 < 3 && model == MEDVOL_SIMILARITY && !(flat && k == 10)) t[k] *= 1.07;
    if (model == MEDVOL_AFFINE) t[0] *= 1.08, t[1] += 0.06, t[5] *= 0.95;
    if (model == MEDVOL_AFFINE && !flat) t[6] -= 0.05, t[10] *= 1.04;
}
/* Both calls; their maps are `near` mm from each other, and the truth `right`; reports alike. */
static void agree(const pair *p, mv_register_affine_opt o, const mv_volume *masks, double near, double right,
                  int line) {
    mv_register_report a, b;
    double c[12], g[12];
    mv_status st;
    memset(&a, 0, sizeof a), memset(&b, 0, sizeof b);
    o.control.report = &a;
    if (masks) o.fixed_mask = masks[0].data ? &masks[0] : NULL, o.moving_mask = masks[1].data ? &masks[1] : NULL;
    st = mv_register_affine(&cpu, c, &p->fixed.host, &p->moving.host, &o);
    check_status(st, MEDVOL_OK, mv_message(&cpu), line);
    o.control.report = &b;
    if (masks) o.fixed_mask = masks[2].data ? &masks[2] : NULL, o.moving_mask = masks[3].data ? &masks[3] : NULL;
    st = mv_cuda_register_affine(&gpu, g, &p->fixed.device, &p->moving.device, &o);
    check_status(st, MEDVOL_OK, mv_cuda_message(&gpu), line);
    keep(g, sizeof g);
    keep(&b, sizeof b);
    const int same = memcmp(a.iterations, b.iterations, sizeof a.iterations) == 0;
    if (!same) near = 0.04; /* a step of up to the tolerance more */
    if (!(apart(c, g, p->flat) < near && apart(g, p->to, p->flat) < right))
        printf("%s: %g mm from medvol.h, %g from the truth (medvol.h %g)\n", about, apart(c, g, p->flat),
               apart(g, p->to, p->flat), apart(c, p->to, p->flat));
    check(apart(c, g, p->flat) < near, "the map of medvol.h", line);
    check(apart(g, p->to, p->flat) < right, "the truth", line);
    check(a.levels == b.levels && a.level == b.level && a.stop == b.stop, "levels, and why it ended", line);
    check(fabs(a.overlap - b.overlap) < (same ? 1e-3 : 1e-2) * a.overlap, "overlap", line);
    check(fabs(a.energy - b.energy) < (same ? 1e-3 : 1e-2) * fabs(a.energy) + 2e-6, "energy", line);
}

/* ---- sums written out ---- */
struct sums { /* Gauss-Newton, of J = gradient x (1, world - centre): least squares as they stand in a book */
    double n, h[12][12], jf[12], j1[12], jy[12], f, y, ff, fy, yy;
};
static double value(const mv_volume *v, size_t x, size_t y, size_t z) {
    return (double)((const float *)v->data)[(z * v->dim[1] + y) * v->dim[0] + x];
}
static int linear(const mv_volume *v, const double *q, double *out) {
    size_t i[3];
    double f[3];
    for (int k = 0; k < 3; k++) {
        const double top = (double)(v->dim[k] - 1);
        if (!(q[k] >= -1e-6 && q[k] <= top + 1e-6)) return 0;
        i[k] = (size_t)fmin(fmax(floor(q[k]), 0), fmax(top - 1, 0));
        f[k] = fmin(fmax(q[k] - (double)i[k], 0), 1);
    }
    *out = 0;
    for (size_t c = 0; c < 8; c++) {
        const size_t at[3] = {i[0] + (c & 1), i[1] + (c >> 1 & 1), i[2] + (c >> 2)};
        double w = 1;
        for (int k = 0; k < 3; k++) w *= c >> k & 1 ? f[k] : 1 - f[k];
        if (w > 0) *out += w * value(v, at[0], at[1], at[2]);
    }
    return 1;
}
template <class F> static void over(const pair *p, const double *t, F f) { /* f(voxel, fixed, moving) */
    const mv_volume *v = &p->fixed.host, *m = &p->moving.host;
    double back[12];
    size_t x[3];
    CHECK_STATUS(mv_affine_invert(back, m->affine), MEDVOL_OK);
    for (x[2] = 0; x[2] < v->dim[2]; x[2]++)
        for (x[1] = 0; x[1] < v->dim[1]; x[1]++)
            for (x[0] = 0; x[0] < v->dim[0]; x[0]++) {
                const double at[3] = {(double)x[0], (double)x[1], (double)x[2]};
                double a[3], b[3], q[3], y;
                mv_affine_apply(a, v->affine, at);
                mv_affine_apply(b, t, a);
                mv_affine_apply(q, back, b);
                if (p->flat) q[2] = 0;
                if (linear(m, q, &y)) f(x, a, value(v, x[0], x[1], x[2]), y);
            }
}
static void gradient(const mv_volume *v, const size_t *x, double *g) { /* by world coordinates */
    double voxel[3], back[12];
    (void)mv_affine_invert(back, v->affine);
    for (int k = 0; k < 3; k++) {
        size_t a[3] = {x[0], x[1], x[2]}, b[3] = {x[0], x[1], x[2]};
        if (a[k] > 0) a[k]--;
        if (b[k] + 1 < v->dim[k]) b[k]++;
        voxel[k] = b[k] > a[k] ? (value(v, b[0], b[1], b[2]) - value(v, a[0], a[1], a[2])) / (double)(b[k] - a[k]) : 0;
    }
    for (int k = 0; k < 3; k++)
        g[k] = voxel[0] * back[k] + voxel[1] * back[4 + k] + voxel[2] * back[8 + k];
}
static void sums_of(sums *s, const pair *p, const double *t) {
    memset(s, 0, sizeof *s);
    over(p, t, [&](const size_t *x, const double *a, double f, double y) {
        double g[3], j[12];
        gradient(&p->fixed.host, x, g);
        for (int i = 0; i < 3; i++)
            for (int k = 0; k < 4; k++) j[4 * i + k] = g[i] * (k ? a[k - 1] / 10 : 1);
        for (int i = 0; i < 12; i++) {
            for (int k = 0; k < 12; k++) s->h[i][k] += j[i] * j[k];
            s->j1[i] += j[i], s->jf[i] += j[i] * f, s->jy[i] += j[i] * y;
        }
        s->n++, s->f += f, s->y += y, s->ff += f * f, s->fy += f * y, s->yy += y * y;
    });
}
/* x of a x = b, symmetric */
static void solve(double a[12][12], double *b, int n) {
    for (int i = 0; i < n; i++)
        for (int k = i + 1; k < n; k++) {
            const double q = a[k][i] / a[i][i];
            for (int j = i; j < n; j++) a[k][j] -= q * a[i][j];
            b[k] -= q * b[i];
        }
    for (int i = n - 1; i >= 0; i--) {
        for (int k = i + 1; k < n; k++) b[i] -= a[i][k] * b[k];
        b[i] /= a[i][i];
    }
}
static double naive_energy(const sums *s, int metric) {
    const double ff = s->ff - s->f * s->f / s->n, yy = s->yy - s->y * s->y / s->n, fy = s->fy - s->f * s->y / s->n;
    return metric == MEDVOL_SSD ? (s->ff - 2 * s->fy + s->yy) / s->n : 1 - fy / sqrt(ff * yy);
}
/* T o (I + P)^-1 of the affine model's first step */
static void naive_step(double *out, const sums *s, const double *t, int metric) {
    const double mf = s->f / s->n, my = s->y / s->n, ff = s->ff / s->n - mf * mf;
    const double gain = metric == MEDVOL_NCC ? (s->fy / s->n - mf * my) / ff : 1;
    double h[12][12], b[12], e[12], back[12];
    for (int i = 0; i < 12; i++) {
        b[i] = metric == MEDVOL_NCC ? s->jy[i] - my * s->j1[i] - gain * (s->jf[i] - mf * s->j1[i])
                                    : s->jy[i] - s->jf[i];
        for (int k = 0; k < 12; k++) {
            h[i][k] = gain * s->h[i][k];
            if (metric == MEDVOL_NCC)
                h[i][k] -= gain * (s->j1[i] * s->j1[k] / s->n +
                                   (s->jf[i] - mf * s->j1[i]) * (s->jf[k] - mf * s->j1[k]) / (s->n * ff));
        }
    }
    solve(h, b, 12);
    mv_affine_identity(e);
    for (int i = 0; i < 3; i++) {
        e[4 * i + 3] += b[4 * i];
        for (int k = 0; k < 3; k++) e[4 * i + k] += b[4 * i + 1 + k] / 10;
    }
    CHECK_STATUS(mv_affine_invert(back, e), MEDVOL_OK);
    mv_affine_mul(out, t, back);
}
static const size_t small[3] = {19, 17, 13}, tiny[3] = {21, 16, 15};
static void near_truth(double *t) { /* a start from which the first step is taken whole */
    static const double shift[3] = {3.2, -2.3, 1.8};
    turned(t, 11, slant, shift);
    t[0] *= 1.05, t[6] -= 0.03;
}
static void test_step(void) {
    for (int metric = MEDVOL_NCC; metric <= MEDVOL_SSD; metric++) {
        mv_register_affine_opt o;
        mv_register_report rep;
        double to[12], t[12], got[12], want[12];
        pair p;
        sums s;
        memset(&o, 0, sizeof o);
        snprintf(about, sizeof about, "metric %d", metric);
        true_map(to, MEDVOL_AFFINE, 0, 12);
        pair_make(&p, to, 0, small, tiny);
        change(&p.moving.host, metric);
        pair_send(&p);
        near_truth(t);
        o.model = MEDVOL_AFFINE, o.metric = (mv_similarity)metric, o.start = t, o.search = -1;
        o.control.levels = o.control.iterations = 1, o.control.report = &rep;
        CHECK_STATUS(mv_cuda_register_affine(&gpu, got, &p.fixed.device, &p.moving.device, &o), MEDVOL_OK);
        keep(got, sizeof got);
        sums_of(&s, &p, t);
        naive_step(want, &s, t, metric);
        CHECK(rep.iterations[0] == 1 && rep.stop == MEDVOL_STOP_ITERATIONS);
        CHECK(fabs(rep.first - naive_energy(&s, metric)) < 2e-5 * rep.first);
        CHECK(fabs(rep.overlap - s.n / (19 * 17 * 13)) < 0.2);
        CHECK(apart(got, want, 0) < 1e-3 * apart(got, t, 0) && apart(got, t, 0) > 0.3);
        sums_of(&s, &p, got);
        CHECK(fabs(rep.energy - naive_energy(&s, metric)) < 2e-5 * rep.energy + 1e-6); /* 1 - r near 0 */
        CHECK(fabs(rep.overlap - s.n / (19 * 17 * 13)) < 1e-6);
        pair_free(&p);
    }
}
/* ---- mutual information, its histogram written out ---- */
static double spline(double x) {
    x = fabs(x);
    return x >= 2 ? 0 : x >= 1 ? (2 - x) * (2 - x) * (2 - x) / 6 : 2.0 / 3 - x * x * (1 - x / 2);
}
static void span(const mv_volume *v, double *low, double *high) { /* 0.1 to 99.9 %, to 1/1024 of the range */
    double least = 1e300, most = -1e300;
    size_t count[1024] = {0}, n = mv_volume_count(v), below;
    const float *f = (const float *)v->data;
    int k;
    for (size_t i = 0; i < n; i++) least = fmin(least, f[i]), most = fmax(most, f[i]);
    for (size_t i = 0; i < n; i++) {
        k = (int)((f[i] - least) / (most - least) * 1024);
        count[k < 1023 ? k : 1023]++;
    }
    for (k = 0, below = 0, *low = least; (below += count[k]) * 1000 < n; k++)
        *low = least + (most - least) * (k + 1) / 1024;
    for (k = 1024, below = 0, *high = most; (below += count[k - 1]) * 1000 < n; k--)
        *high = least + (most - least) * (k - 1) / 1024;
}
static double naive_mi(const pair *p, const double *t, int bins) {
    enum { WIDE = 140 };
    static double joint[128][WIDE];
    double low[2], high[2], column[WIDE] = {0}, row[128] = {0}, n = 0, info = 0;
    memset(joint, 0, sizeof joint);
    span(&p->fixed.host, &low[0], &high[0]);
    span(&p->moving.host, &low[1], &high[1]);
    over(p, t, [&](const size_t *, const double *, double f, double m) {
        const double u = fmin(fmax((f - low[0]) / (high[0] - low[0]) * (bins - 1), 0), bins - 1);
        const double v = fmin(fmax((m - low[1]) / (high[1] - low[1]) * (bins - 1), 0), bins - 1);
        const int k = (int)u, r = (int)(v + 0.5);
        for (int i = -1; i < 3; i++) {
            joint[r][k + i + 2] += spline(u - (k + i));
            column[k + i + 2] += spline(u - (k + i));
            row[r] += spline(u - (k + i));
            n += spline(u - (k + i));
        }
    });
    for (int r = 0; r < bins; r++)
        for (int k = 0; k < bins + 4; k++)
            if (joint[r][k] > 0) info += joint[r][k] / n * log(joint[r][k] * n / (column[k] * row[r]));
    return -info;
}
static void test_information(void) {
    static const int bins[] = {8, 32, 100, 128};
    for (int b = 0; b < 4; b++) {
        mv_register_affine_opt o;
        mv_register_report rep, told;
        double to[12], t[12], got[12], c[12], want;
        pair p;
        memset(&o, 0, sizeof o);
        snprintf(about, sizeof about, "%d bins", bins[b]);
        true_map(to, MEDVOL_RIGID, 0, 12);
        pair_make(&p, to, 0, small, tiny);
        change(&p.moving.host, MEDVOL_MI);
        pair_send(&p);
        near_truth(t);
        o.metric = MEDVOL_MI, o.bins = bins[b], o.start = t, o.search = -1;
        o.control.levels = o.control.iterations = 1, o.control.report = &rep;
        CHECK_STATUS(mv_cuda_register_affine(&gpu, got, &p.fixed.device, &p.moving.device, &o), MEDVOL_OK);
        keep(got, sizeof got);
        want = naive_mi(&p, t, bins[b]);
        if (!(fabs(rep.first - want) < 1e-3 * fabs(want))) printf("%g, not %g\n", rep.first, want);
        CHECK(fabs(rep.first - want) < 1e-3 * fabs(want));
        o.control.report = &told;
        CHECK_STATUS(mv_register_affine(&cpu, c, &p.fixed.host, &p.moving.host, &o), MEDVOL_OK);
        CHECK(fabs(rep.first - told.first) < 1e-4 * fabs(told.first));
        CHECK(apart(got, c, 0) < 2e-3 * apart(c, t, 0) && rep.iterations[0] == told.iterations[0]);
        pair_free(&p);
    }
}

/* ---- beside medvol.h ---- */
static double nearness(int metric) { return metric == MEDVOL_MI ? 1e-3 : 5e-5; } /* mm, of the same steps */
static void registered(int model, int metric, int flat, const size_t *a, const size_t *b, int levels) {
    mv_register_affine_opt o;
    double to[12];
    pair p;
    memset(&o, 0, sizeof o);
    snprintf(about, sizeof about, "model %d metric %d", model, metric);
    true_map(to, model, flat, 12);
    pair_make(&p, to, flat, a, b);
    change(&p.moving.host, metric);
    pair_send(&p);
    o.model = (mv_model)model, o.metric = (mv_similarity)metric;
    o.control.levels = levels;
    agree(&p, o, NULL, nearness(metric), metric == MEDVOL_MI ? 0.6 : 0.25, __LINE__);
    pair_free(&p);
}
static void test_models(void) {
    registered(MEDVOL_RIGID, MEDVOL_NCC, 0, small, tiny, 2);
    registered(MEDVOL_SIMILARITY, MEDVOL_NCC, 1, few, other, 0);
}
static void test_all_models(void) {
    for (int model = 0; model <= MEDVOL_AFFINE; model++)
        for (int metric = 0; metric <= MEDVOL_MI; metric++)
            registered(model, metric, 0, small, tiny, 2);
    registered(MEDVOL_RIGID, MEDVOL_NCC, 0, wide, long_one, 0);
}
static void test_plane(void) {
    static const size_t a[3] = {38, 35, 1}, b[3] = {34, 37, 1};
    for (int model = 0; model <= MEDVOL_AFFINE; model++)
        for (int metric = 0; metric <= MEDVOL_MI; metric++) registered(model, metric, 1, a, b, 0);
}
static void test_symmetric(void) {
    for (int metric = 0; metric <= MEDVOL_MI; metric++) {
        mv_register_affine_opt o;
        double to[12], there[12], back[12], both[12], one[12];
        pair p;
        memset(&o, 0, sizeof o);
        snprintf(about, sizeof about, "metric %d", metric);
        true_map(to, MEDVOL_AFFINE, 1, 12);
        pair_make(&p, to, 1, few, other);
        pair_send(&p);
        o.model = MEDVOL_AFFINE, o.metric = (mv_similarity)metric, o.symmetric = 1;
        o.init = MEDVOL_INIT_CENTRES, o.search = metric == MEDVOL_NCC ? 20 : -1;
        agree(&p, o, NULL, nearness(metric), 0.5, __LINE__);
        o.control.tolerance = 1e-3, o.search = -1, o.start = p.to;
        CHECK_STATUS(mv_cuda_register_affine(&gpu, there, &p.fixed.device, &p.moving.device, &o), MEDVOL_OK);
        o.start = p.back;
        CHECK_STATUS(mv_cuda_register_affine(&gpu, back, &p.moving.device, &p.fixed.device, &o), MEDVOL_OK);
        keep(there, sizeof there), keep(back, sizeof back);
        mv_affine_mul(both, back, there);
        mv_affine_identity(one);
        CHECK(apart(both, one, 1) < (metric == MEDVOL_MI ? 0.3 : 0.02));
        pair_free(&p);
    }
}
static void test_symmetric_volumes(void) {
    mv_register_affine_opt o;
    double to[12];
    pair p;
    memset(&o, 0, sizeof o);
    snprintf(about, sizeof about, "volumes");
    true_map(to, MEDVOL_SIMILARITY, 0, 12);
    pair_make(&p, to, 0, small, tiny);
    pair_send(&p);
    o.model = MEDVOL_SIMILARITY, o.symmetric = 1, o.init = MEDVOL_INIT_CENTRES;
    o.control.iterations = 4;
    agree(&p, o, NULL, nearness(0), 0.3, __LINE__);
    pair_free(&p);
}
/* a region, left out by the mask */
static void spoil(mv_volume *v, float value, mv_volume *mask) {
    for (size_t i = 0; i < mv_volume_count(v); i++) {
        const size_t x = i % v->dim[0], y = i / v->dim[0] % v->dim[1], z = i / v->dim[0] / v->dim[1];
        const int in = x > v->dim[0] / 2 && y > v->dim[1] / 3 && z < (v->dim[2] + 1) / 2;
        if (in) ((float *)v->data)[i] = value + 30.0f * (float)(x % 5);
        if (mask && mask->dtype == MEDVOL_U8) ((uint8_t *)mask->data)[i] = in ? 0 : 1;
        if (mask && mask->dtype == MEDVOL_F32) ((float *)mask->data)[i] = in ? -1.0f : 0.5f + (float)(x % 3);
    }
}
static void mask_make(mv_volume *host, mv_volume *device, mv_volume *like, mv_dtype type, float value) {
    CHECK_STATUS(mv_volume_alloc(&cpu, host, type, like->ndim, like->dim), MEDVOL_OK);
    spoil(like, value, host);
    if (type == MEDVOL_U8) host->slope = 2.5, host->inter = 0;
    CHECK_STATUS(mv_cuda_upload(&gpu, device, host, MEDVOL_NONE, NULL), MEDVOL_OK);
    device->slope = host->slope;
}
static void test_masks(void) {
    for (int which = 1; which < 4; which++)
        for (int metric = 0; metric <= MEDVOL_MI; metric++) {
            mv_register_affine_opt o;
            mv_volume mask[4];
            double to[12];
            pair p;
            memset(&o, 0, sizeof o);
            memset(mask, 0, sizeof mask);
            snprintf(about, sizeof about, "masks %d metric %d", which, metric);
            true_map(to, MEDVOL_RIGID, 1, 12);
            pair_make(&p, to, 1, few, other);
            if (which & 1) mask_make(&mask[0], &mask[2], &p.fixed.host, MEDVOL_U8, 150);
            if (which & 2) mask_make(&mask[1], &mask[3], &p.moving.host, MEDVOL_F32, 150);
            pair_send(&p);
            o.metric = (mv_similarity)metric, o.bins = 16;
            o.symmetric = which == 3 && metric == MEDVOL_NCC;
            agree(&p, o, mask, nearness(metric), metric == MEDVOL_MI ? 2 : 0.5, __LINE__);
            for (int k = 0; k < 2; k++) mv_volume_free(&cpu, &mask[k]), mv_cuda_volume_free(&gpu, &mask[2 + k]);
            pair_free(&p);
        }
}
static void test_holes(void) { /* voxels that are not numbers have no weight */
    for (int metric = 0; metric <= MEDVOL_MI; metric++) {
        mv_register_affine_opt o;
        double to[12];
        pair p;
        memset(&o, 0, sizeof o);
        snprintf(about, sizeof about, "metric %d", metric);
        true_map(to, MEDVOL_RIGID, 0, 12);
        pair_make(&p, to, 0, small, tiny);
        spoil(&p.fixed.host, NAN, NULL);
        ((float *)p.moving.host.data)[2345] = INFINITY;
        pair_send(&p);
        o.metric = (mv_similarity)metric, o.start = to, o.search = -1;
        agree(&p, o, NULL, nearness(metric), metric == MEDVOL_MI ? 1.5 : 0.4, __LINE__);
        if (metric == MEDVOL_SSD) { /* the images are only read */
            float first[4];
            CHECK(dev_get(first, (float *)p.fixed.device.data + 19 * 7 + 12, sizeof first) && first[0] != first[0]);
        }
        pair_free(&p);
    }
}
static void test_robust(void) {
    for (int metric = MEDVOL_NCC; metric <= MEDVOL_SSD; metric++) {
        mv_register_affine_opt o;
        double to[12], plain[12];
        pair p;
        memset(&o, 0, sizeof o);
        snprintf(about, sizeof about, "metric %d", metric);
        true_map(to, MEDVOL_RIGID, 1, 12);
        pair_make(&p, to, 1, few, other);
        for (size_t i = 0; i < mv_volume_count(&p.fixed.host); i++) /* a lesion */
            if (i % few[0] > 14 && i % few[0] < 20 && i / few[0] > 5 && i / few[0] < 11)
                ((float *)p.fixed.host.data)[i] = 900;
        pair_send(&p);
        o.metric = (mv_similarity)metric, o.start = to, o.search = -1;
        CHECK_STATUS(mv_cuda_register_affine(&gpu, plain, &p.fixed.device, &p.moving.device, &o), MEDVOL_OK);
        o.robust = 4.685;
        agree(&p, o, NULL, nearness(metric), 0.5 * apart(plain, to, 1), __LINE__);
        pair_free(&p);
    }
}
static void test_starts(void) {
    static const size_t m[3] = {22, 20, 17};
    for (int init = MEDVOL_INIT_AUTO; init <= MEDVOL_INIT_MOMENTS; init++)
        for (int flat = 0; flat < 2; flat++) {
            mv_register_affine_opt o;
            double to[12];
            pair p;
            memset(&o, 0, sizeof o);
            snprintf(about, sizeof about, "init %d flat %d", init, flat);
            true_map(to, MEDVOL_RIGID, flat, init == MEDVOL_INIT_MOMENTS ? 65 : 9);
            pair_make(&p, to, flat, m, m);
            for (int k = 0; k < BLOBS; k++) { /* long, broad, flat; positive: mass and axes are those of the body */
                blob[k][4] = fabs(blob[k][4]);
                blob[k][1] *= 0.45, blob[k][2] *= 0.3, blob[k][0] *= 0.7;
            }
            if (init == MEDVOL_INIT_MOMENTS || init == MEDVOL_INIT_MASS) {
                double one[12];
                mv_affine_identity(one);
                paint(&p.fixed.host, one, flat), paint(&p.moving.host, p.back, flat);
            }
            pair_send(&p);
            o.init = (mv_init)init;
            o.search = -1;
            o.metric = init == MEDVOL_INIT_MASS ? MEDVOL_MI : MEDVOL_NCC, o.bins = 16;
            agree(&p, o, NULL, nearness(o.metric), 2.5, __LINE__);
            pair_free(&p);
        }
}
static void test_search(void) {
    for (int metric = 0; metric <= MEDVOL_MI; metric += 2) {
        mv_register_affine_opt o;
        double to[12];
        pair p;
        memset(&o, 0, sizeof o);
        snprintf(about, sizeof about, "metric %d", metric);
        true_map(to, MEDVOL_RIGID, metric != 0, metric ? 100 : 70);
        pair_make(&p, to, metric != 0, few, other);
        pair_send(&p);
        o.metric = (mv_similarity)metric;
        o.search = metric ? 110 : 75;
        o.control.levels = 2;
        agree(&p, o, NULL, nearness(metric), 0.6, __LINE__);
        pair_free(&p);
    }
}
/* every type, scaled, and views that begin anywhere */
static void test_types(void) {
    static const mv_dtype types[] = {MEDVOL_U8, MEDVOL_I16, MEDVOL_F16, MEDVOL_F64, MEDVOL_F32, MEDVOL_I32};
    for (int k = 0; k < 6 * LAYOUTS; k++) {
        mv_register_affine_opt o;
        mv_register_report a, b;
        double to[12], c[12], g[12];
        twin f;
        pair p;
        seed = (unsigned)k + 1;
        if (order_now && k % 3) continue;
        memset(&o, 0, sizeof o);
        snprintf(about, sizeof about, "type %d layout %d", k % 6, k / 6);
        true_map(to, MEDVOL_RIGID, 1, 6);
        pair_make(&p, to, 1, few, other);
        pair_send(&p);
        twin_make(&f, types[k % 6], 2, few, k / 6);
        for (size_t i = 0; i < mv_volume_count(&p.fixed.host); i++) {
            const double v = floor((double)((float *)p.fixed.host.data)[i] / 8 + 100);
            const size_t at = i / few[0] * (size_t)f.host.stride[1] + i % few[0], size = mv_dtype_size(f.host.dtype);
            (void)mv_convert_array(NULL, (unsigned char *)f.host.data + at * size, f.host.dtype, &v, MEDVOL_F64, 1, 1.0,
                                   0.0);
        }
        send(&f);
        memcpy(f.host.affine, p.fixed.host.affine, sizeof f.host.affine);
        memcpy(f.device.affine, p.fixed.host.affine, sizeof f.host.affine);
        if (k % 2) f.host.slope = f.device.slope = -2, f.host.inter = f.device.inter = 5;
        o.search = -1, o.init = MEDVOL_INIT_HEADER;
        if (k % 2) o.metric = MEDVOL_MI, o.bins = 16;
        o.control.report = &a;
        CHECK_STATUS(mv_register_affine(&cpu, c, &f.host, &p.moving.host, &o), MEDVOL_OK);
        o.control.report = &b;
        CHECK_STATUS(mv_cuda_register_affine(&gpu, g, &f.device, &p.moving.device, &o), MEDVOL_OK);
        CHECK(apart(c, g, 1) < nearness(o.metric));
        CHECK(memcmp(a.iterations, b.iterations, sizeof a.iterations) == 0);
        if (k % 3 == 0) keep(g, sizeof g);
        twin_free(&f);
        pair_free(&p);
    }
}
/* rows of more than one warp's share; more rows than are looked at; more items than warps */
static void sizes_of(const size_t *a, int metric) {
    mv_register_affine_opt o;
    double to[12], t[12];
    pair p;
    memset(&o, 0, sizeof o);
    memset(&p, 0, sizeof p);
    snprintf(about, sizeof about, "%zu x %zu x %zu", a[0], a[1], a[2]);
    mv_affine_identity(to);
    to[3] = 0.3, to[7] = -0.2;
    p.flat = a[2] == 1;
    memcpy(p.to, to, sizeof to);
    for (int k = 0; k < 2; k++) {
        mv_volume *v = k ? &p.moving.host : &p.fixed.host;
        CHECK_STATUS(mv_volume_alloc(&cpu, v, MEDVOL_F32, p.flat ? 2 : 3, a), MEDVOL_OK);
        for (size_t i = 0; i < mv_volume_count(v); i++) {
            const double x = (double)(i % a[0]) - (k ? 0.3 : 0), y = (double)(i / a[0] % a[1]) + (k ? 0.2 : 0),
                         z = (double)(i / a[0] / a[1]);
            ((float *)v->data)[i] = (float)(sin(0.11 * x + 0.05 * y) + cos(0.13 * y - 0.02 * x + 0.3 * z) +
                                            0.3 * sin(0.7 * z));
        }
    }
    pair_send(&p);
    mv_affine_identity(t);
    o.metric = (mv_similarity)metric, o.model = MEDVOL_TRANSLATION, o.start = t, o.search = -1;
    o.control.levels = o.control.iterations = 1;
    agree(&p, o, NULL, nearness(metric), 0.2, __LINE__);
    pair_free(&p);
}
static void test_sizes(void) {
    static const size_t rows[3] = {701, 9, 1}, deep[3] = {33, 5, 31}, many[3] = {5, 75, 66};
    sizes_of(rows, MEDVOL_NCC);
    sizes_of(rows, MEDVOL_MI);
    sizes_of(deep, MEDVOL_SSD);
    sizes_of(many, MEDVOL_SSD);
}
static void test_large(void) {
    static const size_t rows[3] = {1100, 33, 31}, planes[3] = {1100, 31, 33};
    sizes_of(rows, MEDVOL_NCC);
    sizes_of(planes, MEDVOL_SSD);
}

/* ---- control ---- */
static int asked;
static int stop_at(void *user, const mv_register_step *s) {
    CHECK(s->iteration >= 1 && s->level >= 0 && s->energy == s->energy && s->update >= 0);
    return ++asked == *(const int *)user;
}
static void test_control(void) {
    mv_register_affine_opt o;
    mv_register_report rep, told;
    double to[12], got[12], want[12];
    int when = 2;
    pair p;
    memset(&o, 0, sizeof o);
    snprintf(about, sizeof about, "control");
    true_map(to, MEDVOL_AFFINE, 1, 12);
    pair_make(&p, to, 1, few, other);
    pair_send(&p);
    o.model = MEDVOL_AFFINE, o.search = -1, o.init = MEDVOL_INIT_HEADER;
    o.control.step = stop_at, o.control.user = &when, o.control.report = &told;
    asked = 0;
    CHECK_STATUS(mv_register_affine(&cpu, want, &p.fixed.host, &p.moving.host, &o), MEDVOL_OK);
    o.control.report = &rep;
    asked = 0;
    CHECK_STATUS(mv_cuda_register_affine(&gpu, got, &p.fixed.device, &p.moving.device, &o), MEDVOL_OK);
    CHECK(rep.stop == MEDVOL_STOP_CALLER && asked == 2 && apart(got, want, 1) < 1e-4);
    CHECK(rep.level == told.level && fabs(rep.update - told.update) < 1e-4 && fabs(rep.first - told.first) < 1e-5);
    o.control.step = NULL, o.control.seconds = 1e-9;
    CHECK_STATUS(mv_cuda_register_affine(&gpu, got, &p.fixed.device, &p.moving.device, &o), MEDVOL_OK);
    CHECK(rep.stop == MEDVOL_STOP_TIME);
    o.control.seconds = 0, o.control.tolerance = 1e3;
    CHECK_STATUS(mv_cuda_register_affine(&gpu, got, &p.fixed.device, &p.moving.device, &o), MEDVOL_OK);
    CHECK(rep.stop == MEDVOL_STOP_UPDATE && rep.iterations[0] == 0);
    pair_free(&p);
}
/* Both refuse alike: the same status, a message, and the map as it was */
static void refused(const image *f, const image *m, const mv_register_affine_opt *o, mv_status want, int line) {
    double a[12] = {77}, b[12] = {77};
    check_status(mv_register_affine(&cpu, a, f ? &f->host : NULL, m ? &m->host : NULL, o), want, "medvol.h", line);
    mv_cuda_ctx fresh;
    memset(&fresh, 0, sizeof fresh);
    check_status(mv_cuda_register_affine(&fresh, b, f ? &f->device : NULL, m ? &m->device : NULL, o), want,
                 mv_cuda_message(&fresh), line);
    check(mv_cuda_message(&fresh)[0] != 0 && b[0] == 77, "a message, and no map", line);
    mv_cuda_ctx_free(&fresh);
}
#define OPTION(what, value, status)                           \
    do {                                                      \
        mv_register_affine_opt o_;                            \
        memset(&o_, 0, sizeof o_);                            \
        o_.what = value;                                      \
        refused(&p.fixed, &p.moving, &o_, status, __LINE__);  \
    } while (0)
static void image_make(image *v, mv_dtype type, int ndim, const size_t *dim, const double *affine) {
    memset(v, 0, sizeof *v);
    CHECK_STATUS(mv_volume_alloc(&cpu, &v->host, type, ndim, dim), MEDVOL_OK);
    memset(v->host.data, 0, mv_volume_count(&v->host) * mv_dtype_size(type));
    if (affine) memcpy(v->host.affine, affine, sizeof v->host.affine);
    image_send(v, type);
}
static void test_refused(void) {
    static const double singular[12] = {1, 0, 0, 0, 2, 0, 0, 0, 0, 0, 1, 0}, nan_map[12] = {NAN};
    static const size_t line[3] = {44, 1, 36}, series[4] = {14, 10, 6, 2};
    mv_register_affine_opt o;
    mv_volume mask;
    double to[12], got[12] = {77}, keep_it;
    image v;
    pair p;
    snprintf(about, sizeof about, "refused");
    true_map(to, MEDVOL_RIGID, 0, 12);
    pair_make(&p, to, 0, small, tiny);
    pair_send(&p);
    refused(NULL, &p.moving, NULL, MEDVOL_E_NULL, __LINE__);
    refused(&p.fixed, NULL, NULL, MEDVOL_E_NULL, __LINE__);
    CHECK_STATUS(mv_cuda_register_affine(&gpu, NULL, &p.fixed.device, &p.moving.device, NULL), MEDVOL_E_NULL);
    CHECK_STATUS(mv_cuda_register_affine(NULL, got, &p.fixed.device, &p.moving.device, NULL), MEDVOL_E_NULL);
    OPTION(start, singular, MEDVOL_E_SINGULAR);
    OPTION(start, nan_map, MEDVOL_E_RANGE);
    OPTION(control.levels, 17, MEDVOL_E_RANGE);
    OPTION(control.iterations, -1, MEDVOL_E_RANGE);
    OPTION(control.tolerance, NAN, MEDVOL_E_RANGE);
    OPTION(control.slope, 2, MEDVOL_E_RANGE);
    OPTION(control.seconds, -1, MEDVOL_E_RANGE);
    OPTION(model, (mv_model)9, MEDVOL_E_RANGE);
    OPTION(metric, (mv_similarity)3, MEDVOL_E_RANGE);
    OPTION(init, (mv_init)5, MEDVOL_E_RANGE);
    OPTION(robust, 0.5, MEDVOL_E_RANGE);
    OPTION(search, 181, MEDVOL_E_RANGE);
    OPTION(search, NAN, MEDVOL_E_RANGE);
    OPTION(bins, 7, MEDVOL_E_RANGE);
    OPTION(bins, 129, MEDVOL_E_RANGE);
    memset(&o, 0, sizeof o);
    o.metric = MEDVOL_MI, o.robust = 4;
    refused(&p.fixed, &p.moving, &o, MEDVOL_E_UNSUPPORTED, __LINE__);
    /* masks: of another shape; without weight, also where it is negative or none; on the host */
    memset(&o, 0, sizeof o);
    memset(&mask, 0, sizeof mask);
    CHECK_STATUS(mv_cuda_volume_alloc(&gpu, &mask, MEDVOL_U8, 3, tiny), MEDVOL_OK);
    o.fixed_mask = &mask;
    CHECK_STATUS(mv_cuda_register_affine(&gpu, got, &p.fixed.device, &p.moving.device, &o), MEDVOL_E_SHAPE);
    o.fixed_mask = NULL, o.moving_mask = &mask;
    CHECK(dev_set(mask.data, 0, 21 * 16 * 15));
    CHECK_STATUS(mv_cuda_register_affine(&gpu, got, &p.fixed.device, &p.moving.device, &o), MEDVOL_E_EMPTY);
    mask.slope = -1, CHECK(dev_set(mask.data, 1, 21 * 16 * 15));
    CHECK_STATUS(mv_cuda_register_affine(&gpu, got, &p.fixed.device, &p.moving.device, &o), MEDVOL_E_EMPTY);
    CHECK(got[0] == 77);
    o.moving_mask = &p.moving.host;
    CHECK_STATUS(mv_cuda_register_affine(&gpu, got, &p.fixed.device, &p.moving.device, &o), MEDVOL_E_POINTER);
    CHECK_STATUS(mv_cuda_register_affine(&gpu, got, &p.fixed.host, &p.moving.device, NULL), MEDVOL_E_POINTER);
    CHECK_STATUS(mv_cuda_register_affine(&gpu, got, &p.fixed.device, &p.moving.host, NULL), MEDVOL_E_POINTER);
    mv_cuda_volume_free(&gpu, &mask);
    /* images */
    image_make(&v, MEDVOL_F32, 3, line, NULL);
    refused(&v, &p.moving, NULL, MEDVOL_E_SIZE, __LINE__);
    image_free(&v);
    image_make(&v, MEDVOL_F32, 4, series, NULL);
    refused(&p.fixed, &v, NULL, MEDVOL_E_SHAPE, __LINE__);
    image_free(&v);
    image_make(&v, MEDVOL_C64, 3, small, NULL);
    refused(&v, &p.moving, NULL, MEDVOL_E_DTYPE, __LINE__);
    image_free(&v);
    image_make(&v, MEDVOL_F32, 2, small, NULL);
    refused(&v, &p.moving, NULL, MEDVOL_E_SHAPE, __LINE__); /* a plane and a volume */
    v.host.affine[8] = v.device.affine[8] = 0.5;
    refused(&v, &v, NULL, MEDVOL_E_SHAPE, __LINE__); /* not in the world's plane */
    v.host.affine[8] = v.device.affine[8] = 0;
    memset(&o, 0, sizeof o);
    mv_affine_identity(to);
    to[2] = 0.1, o.start = to;
    refused(&v, &v, &o, MEDVOL_E_RANGE, __LINE__);
    image_free(&v);
    keep_it = p.moving.host.affine[0];
    p.moving.host.affine[0] = p.moving.host.affine[4] = p.moving.host.affine[8] = 0;
    memcpy(p.moving.device.affine, p.moving.host.affine, sizeof p.moving.host.affine);
    refused(&p.fixed, &p.moving, NULL, MEDVOL_E_SINGULAR, __LINE__);
    p.moving.host.affine[0] = p.moving.device.affine[0] = keep_it;
    image_make(&v, MEDVOL_F32, 3, small, p.fixed.host.affine);
    refused(&v, &p.fixed, NULL, MEDVOL_E_SINGULAR, __LINE__); /* constant */
    for (size_t i = 0; i < mv_volume_count(&v.host); i++) ((float *)v.host.data)[i] = NAN;
    image_send(&v, MEDVOL_F32);
    refused(&v, &p.fixed, NULL, MEDVOL_E_EMPTY, __LINE__);
    for (size_t i = 0; i < mv_volume_count(&v.host); i++) ((float *)v.host.data)[i] = (float)(i % 7);
    v.host.affine[3] += 1e4; /* nothing of one lies in the other */
    image_send(&v, MEDVOL_F32);
    memset(&o, 0, sizeof o);
    o.init = MEDVOL_INIT_HEADER;
    refused(&p.fixed, &v, &o, MEDVOL_E_EMPTY, __LINE__);
    for (size_t i = 0; i < mv_volume_count(&v.host); i++) ((float *)v.host.data)[i] = (float)(i % small[0]);
    memcpy(v.host.affine, p.fixed.host.affine, sizeof v.host.affine);
    image_send(&v, MEDVOL_F32);
    o.model = MEDVOL_AFFINE;
    refused(&v, &v, &o, MEDVOL_E_SINGULAR, __LINE__); /* a ramp along x says nothing of y */
    image_free(&v);
    pair_free(&p);
}
/* It waits, so it is no part of a graph; a workspace that is too small is told with the size wanted */
static void test_scratch(void) {
    mv_register_affine_opt o;
    mv_cuda_desc d;
    mv_cuda_ctx own;
    double to[12], got[12] = {77}, want[12];
    size_t need;
    void *room;
    pair p;
    memset(&o, 0, sizeof o), memset(&d, 0, sizeof d);
    snprintf(about, sizeof about, "scratch");
    true_map(to, MEDVOL_RIGID, 1, 12);
    pair_make(&p, to, 1, few, other);
    pair_send(&p);
    o.metric = MEDVOL_MI, o.search = -1, o.control.iterations = 3;
    CHECK_STATUS(mv_cuda_sync(&gpu), MEDVOL_OK);
    CHECK_UNCAPTURED(mv_cuda_register_affine(&gpu, got, &p.fixed.device, &p.moving.device, &o), MEDVOL_E_BUSY);
    CHECK_STATUS(mv_cuda_register_affine(&gpu, want, &p.fixed.device, &p.moving.device, &o), MEDVOL_OK);
    memset(&own, 0, sizeof own);
    CHECK_STATUS(mv_cuda_register_affine(&own, got, &p.fixed.device, &p.moving.device, &o), MEDVOL_OK);
    CHECK(memcmp(got, want, sizeof got) == 0);
    need = own.workspace_need;
    mv_cuda_ctx_free(&own);
    for (int less = 0; less < 2; less++) {
        CHECK(dev_new((unsigned char **)&room, need));
        d.workspace = room;
        d.workspace_bytes = need - (size_t)less;
        CHECK_STATUS(mv_cuda_ctx_init(&own, &d), MEDVOL_OK);
        got[0] = 77;
        CHECK_STATUS(mv_cuda_register_affine(&own, got, &p.fixed.device, &p.moving.device, &o),
                     less ? MEDVOL_E_SCRATCH : MEDVOL_OK);
        CHECK(less ? got[0] == 77 && own.error.value == (double)need : memcmp(got, want, sizeof got) == 0);
        mv_cuda_ctx_free(&own);
        dev_free(room);
    }
    got[0] = 77;
    FAULTS(&p.fixed.device, mv_cuda_register_affine(&gpu, got, &p.fixed.device, &p.moving.device, &o));
    CHECK(!emulated || memcmp(got, want, sizeof got) == 0);
    pair_free(&p);
}
/* sectors of 32 bytes for each access of a warp to rows of 64 voxels: 4 at best, 5 beside a multiple of 32 */
static void test_traffic(void) {
    static const double most[3] = {4.4, 7.6, 9.9};
    const size_t dim[3] = {64, 48, 20};
    image v;
    if (!emu_check()) return;
    emu_profiling(1);
    memset(&v, 0, sizeof v);
    CHECK_STATUS(mv_volume_alloc(&cpu, &v.host, MEDVOL_F32, 3, dim), MEDVOL_OK);
    for (size_t i = 0; i < mv_volume_count(&v.host); i++) ((float *)v.host.data)[i] = (float)(draw() % 100);
    image_send(&v, MEDVOL_F32);
    for (int k = 0; k < 3; k++) {
        static const double none[3] = {0, 0, 0};
        mv_register_affine_opt o;
        struct emu_counts n;
        double t[12], got[12];
        memset(&o, 0, sizeof o);
        turned(t, 15 * k, upright, none);
        t[3] = k ? 5 : 0, o.start = t, o.search = -1;
        o.control.tolerance = 1e3, o.control.levels = 1;
        CHECK_STATUS(mv_cuda_register_affine(&gpu, got, &v.device, &v.device, &o), MEDVOL_OK);
        CHECK(emu_profile_of("mv__cu_k_rg_sums<MV__CU_RG_MODEL>", &n) != 0);
        snprintf(about, sizeof about, "look at %d degrees: %.2f sectors a request, %.2f passes", 15 * k,
                 (double)n.load_sectors / (double)n.load_requests, (double)n.shared_passes / (double)n.shared_requests);
        if (getenv("TRAFFIC")) printf("%s\n", about);
        CHECK((double)n.load_sectors < most[k] * (double)n.load_requests);
    }
    image_free(&v);
    emu_profiling(0);
}
SUITE(affine, {"step", test_step}, {"information", test_information}, {"models", test_models},
      {"symmetric", test_symmetric}, {"masks", test_masks}, {"holes", test_holes}, {"robust", test_robust},
      {"starts", test_starts}, {"types", test_types}, {"sizes", test_sizes}, {"control", test_control},
      {"scratch", test_scratch});
SUITE(once, {"affine_all", test_all_models}, {"affine_plane", test_plane}, {"affine_symmetric", test_symmetric_volumes},
      {"affine_search", test_search}, {"affine_large", test_large}, {"affine_refused", test_refused},
      {"affine_traffic", test_traffic});
