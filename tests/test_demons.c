/* test_demons.c - demons: blobs known at every point of the world, seen through known warps; forces against
   their formula in doubles. */
#include "test.h"

enum { BLOBS = 70, VARIANTS = 4 };
static double blob[BLOBS][5];
static void blobs(void) {
    int i, k;
    t_seed(77);
    for (i = 0; i < BLOBS; i++) {
        for (k = 0; k < 3; k++) blob[i][k] = t_uniform(-22, 22);
        blob[i][3] = t_uniform(3, i % 4 ? 4.5 : 9);
        blob[i][4] = t_uniform(40, 200) * (i % 3 ? 1 : -1);
    }
}
static double phantom(const double *p, int flat) {
    double s = 0;
    int i;
    for (i = 0; i < BLOBS; i++) {
        const double x = p[0] - blob[i][0], y = p[1] - blob[i][1], z = flat ? 0 : p[2] - blob[i][2];
        s += blob[i][4] * exp(-(x * x + y * y + z * z) / (2 * blob[i][3] * blob[i][3]));
    }
    return s;
}
enum { NOTHING, SHIFT, AFFINE, WAVE, WARPS };
static void moved(int warp, int flat, const double *p, double *u) {
    const double z = flat ? 0 : p[2];
    u[0] = u[1] = u[2] = 0;
    if (warp == SHIFT) u[0] = 1.7, u[1] = -1.1, u[2] = 0.8;
    if (warp == AFFINE) {
        u[0] = 0.05 * p[0] - 0.06 * p[1] + 0.5, u[1] = 0.06 * p[0] - 0.04 * p[1] + 0.03 * z;
        u[2] = 0.04 * z - 0.03 * p[0];
    }
    if (warp == WAVE) {
        u[0] = 2.2 * sin(0.11 * p[1]) * cos(0.09 * z), u[1] = 2.2 * cos(0.1 * p[0] + 0.3) * cos(0.07 * z);
        u[2] = 2.2 * sin(0.12 * p[0] + 0.08 * p[1]);
    }
    if (flat) u[2] = 0;
}
/* the middle voxel lies at 0: turned about z and x, the first axis mirrored */
static void grid(double *a, const size_t *dim, const double *s, double turn, double tilt, int mirror) {
    const double cz = cos(turn), sz = sin(turn), cx = cos(tilt), sx = sin(tilt);
    const double r[9] = {cz, -sz * cx, sz * sx, sz, cz * cx, -cz * sx, 0, sx, cx};
    int i, k;
    for (i = 0; i < 3; i++) {
        a[4 * i + 3] = 0;
        for (k = 0; k < 3; k++) {
            a[4 * i + k] = r[3 * i + k] * s[k] * (k == 0 && mirror ? -1 : 1);
            a[4 * i + 3] -= a[4 * i + k] * 0.5 * (double)(dim[k] - 1);
        }
    }
}
static void image(mv_volume *v, const size_t *dim, int ndim, const double *affine, int warp) {
    size_t i;
    CHECK_OK(mv_volume_alloc(T, v, MEDVOL_F32, ndim, dim));
    memcpy(v->affine, affine, sizeof v->affine);
    for (i = 0; i < mv_volume_count(v); i++) {
        double x[3], p[3], u[3];
        int k;
        x[0] = (double)(i % dim[0]), x[1] = (double)(i / dim[0] % dim[1]);
        x[2] = ndim > 2 ? (double)(i / dim[0] / dim[1]) : 0;
        mv_affine_apply(p, affine, x);
        moved(warp, ndim < 3, p, u);
        for (k = 0; k < 3; k++) p[k] += u[k];
        ((float *)v->data)[i] = (float)phantom(p, ndim < 3);
    }
}
static const size_t few[3] = {44, 40, 30}, other[3] = {40, 42, 44};
static const double even[3] = {1.3, 1.4, 1.9}, uneven[3] = {1.4, 1.3, 1.2};
typedef struct pair {
    mv_volume fixed, moving;
    int warp, flat;
} pair;
/* same: both on one grid */
static void pair_make(pair *p, int warp, int flat, int same) {
    const size_t one[3] = {few[0], few[1], flat ? 1 : few[2]};
    const size_t two[3] = {other[0], other[1], flat ? 1 : other[2]};
    double a[12], b[12];
    blobs();
    memset(p, 0, sizeof *p);
    p->warp = warp, p->flat = flat;
    grid(a, one, even, 0.2, flat ? 0 : 0.15, 1);
    grid(b, two, uneven, -0.1, flat ? 0 : -0.2, 0);
    image(&p->fixed, one, flat ? 2 : 3, a, warp);
    image(&p->moving, same ? one : two, flat ? 2 : 3, same ? a : b, NOTHING);
}
static void pair_free(pair *p) {
    mv_volume_free(T, &p->fixed);
    mv_volume_free(T, &p->moving);
}
/* mean and greatest distance from the truth, in voxels of the first axis, within 18 mm */
static double field_error(const pair *p, const mv_volume *field, double *worst) {
    const size_t n = mv_volume_count(&p->fixed), *dim = p->fixed.dim;
    double sum = 0;
    size_t i, count = 0;
    *worst = 0;
    for (i = 0; i < n; i++) {
        double x[3], w[3], u[3], d = 0;
        int k;
        x[0] = (double)(i % dim[0]), x[1] = (double)(i / dim[0] % dim[1]);
        x[2] = p->flat ? 0 : (double)(i / dim[0] / dim[1]);
        mv_affine_apply(w, p->fixed.affine, x);
        if (w[0] * w[0] + w[1] * w[1] + w[2] * w[2] > 18 * 18) continue;
        moved(p->warp, p->flat, w, u);
        for (k = 0; k < (p->flat ? 2 : 3); k++) {
            const double e = (double)((const float *)field->data)[(size_t)k * n + i] - u[k];
            d += e * e;
        }
        sum += sqrt(d) / even[0], count++;
        *worst = fmax(*worst, sqrt(d) / even[0]);
    }
    return sum / (double)count;
}
static double greatest(const mv_volume *a, const mv_volume *b, double sign) { /* of a + sign b; NaN: inf */
    double worst = 0;
    size_t i;
    for (i = 0; i < mv_volume_count(a); i++) {
        const double d = (double)((float *)a->data)[i] + (b ? sign * (double)((float *)b->data)[i] : 0);
        if (!(fabs(d) <= worst)) worst = d == d ? fabs(d) : HUGE_VAL;
    }
    return worst;
}

/* ---- known warps ---- */
static void known(int flat, int warp, mv_demons variant) {
    static struct {
        uint32_t crc;
        int known;
    } seen[5][2][WARPS][VARIANTS];
    static int begun[2][WARPS][VARIANTS]; /* room: fields of the first level that is run */
    static float room[2 * (WARPS - 1) * VARIANTS][44 * 40 * 30 * 3 / 7 + 1];
    float *was;
    mv_register_demons_opt o = {0};
    mv_register_report rep;
    mv_volume field = {0};
    double worst, mean, apart = 0;
    uint32_t crc;
    size_t i, n;
    pair p;
    pair_make(&p, warp, flat, 0);
    o.variant = variant, o.control.report = &rep;
    o.control.slope = -1;
    CHECK_OK(mv_register_demons(T, &field, &p.fixed, &p.moving, &o));
    CHECK(field.ndim == 5 && field.dim[3] == 1 && field.dim[4] == (flat ? 2 : 3));
    CHECK(field.dtype == MEDVOL_F32);
    CHECK(!memcmp(field.affine, p.fixed.affine, sizeof field.affine));
    mean = field_error(&p, &field, &worst);
    CHECK(mean < 0.15 && worst < 0.8);
    CHECK(rep.folded == 0 && rep.energy < rep.first && rep.level == 0 && rep.levels >= 2);
    n = mv_volume_count(&field);
    crc = t_crc32(0, field.data, n * sizeof(float));
    if (seen[t_level][flat][warp][variant].known) CHECK(seen[t_level][flat][warp][variant].crc == crc);
    seen[t_level][flat][warp][variant].known = 1, seen[t_level][flat][warp][variant].crc = crc;
    was = room[((size_t)flat * (WARPS - 1) + (size_t)warp - 1) * VARIANTS + variant];
    for (i = 0; i < n && !begun[flat][warp][variant]; i += 7) was[i / 7] = ((float *)field.data)[i];
    begun[flat][warp][variant] = 1;
    for (i = 0; i < n; i += 7)
        apart = fmax(apart, fabs((double)was[i / 7] - (double)((float *)field.data)[i]));
    CHECK(apart < 0.01 * even[0]);
    mv_volume_free(T, &field);
    pair_free(&p);
}
static void known_all(int flat, int warp) {
    int v;
    for (v = 0; v < VARIANTS; v++) known(flat, warp, (mv_demons)v);
}
static void translation(void) { known_all(0, SHIFT); }
static void affine(void) { known_all(0, AFFINE); }
static void wave(void) { known_all(0, WAVE); }
static void plane(void) { known_all(1, SHIFT), known_all(1, AFFINE), known_all(1, WAVE); }

/* ---- forces, against their formula ---- */
typedef struct naive {
    size_t n[3];
    int comps;
    const mv_volume *f, *m; /* on one grid */
    const float *weight;
    double inverse[12], step, h;
    double *u[3], *g[3]; /* in voxels */
} naive;
static double at(const naive *q, const float *f, size_t x, size_t y, size_t z) {
    return (double)f[x + q->n[0] * (y + q->n[1] * z)];
}
/* linear; more than half a voxel outside: NaN, or (near) the border's value */
static double between(const naive *q, const double *p, const float *f, const double *d, int nearest) {
    size_t a[3], b[3];
    double t[3], s = 0;
    int k, c;
    for (k = 0; k < 3; k++) {
        const double top = (double)q->n[k] - 1, v = fmin(fmax(p[k], 0), top);
        if (!nearest && (p[k] < -0.5 || p[k] > top + 0.5)) return NAN;
        a[k] = (size_t)v;
        b[k] = a[k] + 1 < q->n[k] ? a[k] + 1 : a[k];
        t[k] = v - (double)a[k];
    }
    for (c = 0; c < 8; c++) {
        const size_t i = (c & 1 ? b : a)[0] + q->n[0] * ((c & 2 ? b : a)[1] + q->n[1] * (c & 4 ? b : a)[2]);
        s += (d ? d[i] : (double)f[i]) * (c & 1 ? t[0] : 1 - t[0]) * (c & 2 ? t[1] : 1 - t[1]) *
             (c & 4 ? t[2] : 1 - t[2]);
    }
    return s;
}
static void slope_of(const naive *q, const float *f, const size_t *x, double *g) { /* by voxels */
    int k;
    for (k = 0; k < 3; k++) {
        size_t lo[3], hi[3];
        memcpy(lo, x, sizeof lo), memcpy(hi, x, sizeof hi);
        if (lo[k] > 0) lo[k]--;
        if (hi[k] + 1 < q->n[k]) hi[k]++;
        g[k] = hi[k] > lo[k]
                   ? (at(q, f, hi[0], hi[1], hi[2]) - at(q, f, lo[0], lo[1], lo[2])) / (double)(hi[k] - lo[k])
                   : 0;
    }
}
/* share of the force that brings src, through u, to still, added to g; returns the mean of squares */
static double naive_force(naive *q, const mv_volume *still, const mv_volume *src, double *const *u, int both,
                          double share) {
    const size_t n = q->n[0] * q->n[1] * q->n[2];
    const float *f = (const float *)still->data;
    float *w = (float *)malloc(n * sizeof *w);
    double sum = 0, all = 0;
    size_t i, x[3];
    int k, r;
    if (!CHECK(w != NULL)) return 0;
    for (i = 0; i < n; i++) {
        double p[3];
        x[0] = i % q->n[0], x[1] = i / q->n[0] % q->n[1], x[2] = i / q->n[0] / q->n[1];
        for (k = 0; k < 3; k++) p[k] = (double)x[k] + (u && k < q->comps ? u[k][i] : 0);
        w[i] = (float)between(q, p, (const float *)src->data, NULL, 0);
    }
    for (i = 0; i < n; i++) {
        double a[3], b[3], mm[3] = {0, 0, 0}, len = 0, d = (double)w[i] - (double)f[i], weight;
        x[0] = i % q->n[0], x[1] = i / q->n[0] % q->n[1], x[2] = i / q->n[0] / q->n[1];
        slope_of(q, f, x, a);
        slope_of(q, w, x, b);
        for (k = 0; k < 3; k++) {
            const double j = both ? (a[k] + b[k]) / 2 : a[k];
            for (r = 0; r < 3; r++) mm[r] += q->inverse[4 * k + r] * j; /* by the world */
        }
        for (r = 0; r < 3; r++) len += mm[r] * mm[r];
        len += d * d / (4 * q->step * q->step * q->h * q->h);
        weight = q->weight ? fmin((double)q->weight[i], 1) : 1;
        if (d == d) sum += d * d * weight, all += weight;
        if (!(len > 1e-9)) continue;
        for (k = 0; k < q->comps; k++)
            for (r = 0; r < 3; r++) q->g[k][i] -= share * weight * d / len * q->inverse[4 * k + r] * mm[r];
    }
    free(w);
    return sum / all;
}
/* dst = w + u o (id + w) */
static void naive_compose(const naive *q, double *const *dst, double *const *u, double *const *w) {
    const size_t n = q->n[0] * q->n[1] * q->n[2];
    size_t i;
    int k;
    CHECK(q->comps == 2 || q->comps == 3);
    for (i = 0; i < n; i++) {
        double p[3];
        const size_t x[3] = {i % q->n[0], i / q->n[0] % q->n[1], i / q->n[0] / q->n[1]};
        for (k = 0; k < 3; k++) p[k] = (double)x[k] + (k < q->comps ? w[k][i] : 0);
        for (k = 0; k < q->comps; k++) dst[k][i] = w[k][i] + between(q, p, NULL, u[k], 1);
    }
}
static void naive_step(naive *q, mv_demons variant, double **t, double *energy) {
    const size_t n = q->n[0] * q->n[1] * q->n[2];
    double longest = 0;
    size_t i;
    int k, half = 0;
    CHECK(q->comps == 2 || q->comps == 3);
    for (k = 0; k < q->comps; k++) memset(q->g[k], 0, n * sizeof(double));
    *energy = naive_force(q, q->f, q->m, q->u, variant != MEDVOL_DEMONS_CLASSIC,
                          variant == MEDVOL_DEMONS_LOG ? 0.5 : 1);
    if (variant == MEDVOL_DEMONS_LOG) naive_force(q, q->m, q->f, q->u, 1, -0.5); /* u is 0 then */
    if (variant == MEDVOL_DEMONS_DIFFEOMORPHIC) {
        for (i = 0; i < n; i++) {
            double s = 0;
            for (k = 0; k < q->comps; k++) s += q->g[k][i] * q->g[k][i];
            longest = fmax(longest, sqrt(s));
        }
        for (; longest > 0.5; longest /= 2) half++;
        for (i = 0; i < n; i++)
            for (k = 0; k < q->comps; k++) q->g[k][i] = ldexp(q->g[k][i], -half);
        for (; half > 0; half--) {
            naive_compose(q, t, q->g, q->g);
            for (k = 0; k < q->comps; k++) memcpy(q->g[k], t[k], n * sizeof(double));
        }
        naive_compose(q, t, q->u, q->g);
        for (k = 0; k < q->comps; k++) memcpy(q->u[k], t[k], n * sizeof(double));
    } else
        for (i = 0; i < n; i++)
            for (k = 0; k < q->comps; k++) q->u[k][i] += q->g[k][i];
}
static void forces_of(int flat, mv_demons variant, int masked) {
    const int count = variant == MEDVOL_DEMONS_LOG ? 1 : 2;
    const size_t dim[3] = {19, 17, flat ? 1 : 13};
    const size_t n = dim[0] * dim[1] * dim[2];
    double a[12], *room = (double *)malloc(9 * n * sizeof *room), *t[3], worst = 0, energy[2], best = 0;
    mv_register_demons_opt o = {0};
    mv_register_report rep;
    mv_volume f = {0}, m = {0}, field = {0}, velocity = {0}, mask = {0};
    naive q;
    size_t i;
    int k;
    blobs();
    if (!CHECK(room != NULL)) return;
    grid(a, dim, even, 0.2, flat ? 0 : 0.15, 1);
    image(&f, dim, flat ? 2 : 3, a, WAVE);
    image(&m, dim, flat ? 2 : 3, a, NOTHING);
    memset(&q, 0, sizeof q);
    memset(room, 0, 9 * n * sizeof *room);
    memcpy(q.n, dim, sizeof dim);
    q.comps = flat ? 2 : 3, q.f = &f, q.m = &m, q.step = 0.7, q.h = even[0];
    CHECK_OK(mv_affine_invert(q.inverse, a));
    for (k = 0; k < 3; k++) q.u[k] = room + (size_t)k * n, q.g[k] = q.u[k] + 3 * n, t[k] = q.u[k] + 6 * n;
    if (masked) {
        CHECK_OK(mv_volume_alloc(T, &mask, MEDVOL_F32, flat ? 2 : 3, dim));
        for (i = 0; i < n; i++) ((float *)mask.data)[i] = (float)(i % 5) * 0.4f; /* up to 1.6 */
        q.weight = (const float *)mask.data;
        o.fixed_mask = &mask;
    }
    o.variant = variant, o.step = q.step, o.sigma_update = o.sigma_field = o.momentum = -1;
    o.control.levels = 1, o.control.iterations = count, o.control.report = &rep;
    o.control.tolerance = 1e-9, o.control.slope = -1;
    if (variant == MEDVOL_DEMONS_LOG) o.velocity = &velocity;
    CHECK_OK(mv_register_demons(T, &field, &f, &m, &o));
    for (k = 0; k < count; k++) naive_step(&q, variant, t, &energy[k]);
    for (i = 0; i < n; i++) {
        const mv_volume *got = o.velocity ? &velocity : &field;
        for (k = 0; k < q.comps && got->data; k++) {
            double mm = 0;
            int r;
            for (r = 0; r < q.comps; r++) mm += a[4 * k + r] * q.u[r][i];
            best = fmax(best, fabs(mm));
            worst = fmax(worst, fabs(mm - (double)((float *)got->data)[(size_t)k * n + i]));
        }
    }
    CHECK(worst < 2e-4 && best > 0.5);
    CHECK(rep.iterations[0] == count && rep.stop == MEDVOL_STOP_ITERATIONS);
    if (count == 2) CHECK_NEAR(rep.first, energy[0], 1e-5 * energy[0]);
    if (count == 2) CHECK_NEAR(rep.energy, energy[1], 1e-5 * energy[1]);
    free(room);
    mv_volume_free(T, &f), mv_volume_free(T, &m), mv_volume_free(T, &mask);
    mv_volume_free(T, &field), mv_volume_free(T, &velocity);
}
static void forces(void) {
    int v;
    for (v = 0; v < VARIANTS; v++) forces_of(0, (mv_demons)v, 0), forces_of(1, (mv_demons)v, 0);
    forces_of(0, MEDVOL_DEMONS_SYMMETRIC, 1);
    forces_of(1, MEDVOL_DEMONS_CLASSIC, 1);
    forces_of(1, MEDVOL_DEMONS_DIFFEOMORPHIC, 1);
}

/* ---- inverses ---- */
static double there_and_back(const mv_volume *grid_of, const mv_volume *a, const mv_volume *b, int flat) {
    mv_transform chain[2];
    mv_volume d = {0};
    const size_t n = mv_volume_count(grid_of), *dim = grid_of->dim;
    double worst = 0;
    size_t i;
    memset(chain, 0, sizeof chain);
    chain[0].kind = chain[1].kind = MEDVOL_TRANSFORM_FIELD;
    chain[0].field = a, chain[1].field = b;
    CHECK_OK(mv_transform_field(T, &d, grid_of, chain, 2));
    for (i = 0; i < n; i++) { /* away from the border, beyond which nothing is known */
        const size_t x = i % dim[0], y = i / dim[0] % dim[1], z = flat ? 6 : i / dim[0] / dim[1];
        int k;
        if (x < 5 || y < 5 || z < 5 || x + 5 >= dim[0] || y + 5 >= dim[1]) continue;
        if (!flat && z + 5 >= dim[2]) continue;
        for (k = 0; k < (flat ? 2 : 3); k++)
            worst = fmax(worst, fabs((double)((float *)d.data)[(size_t)k * n + i]));
    }
    mv_volume_free(T, &d);
    return worst / even[0];
}
static void inverses_of(int flat, mv_demons variant) {
    mv_register_demons_opt o = {0};
    mv_volume field = {0}, inverse = {0}, velocity = {0}, swapped = {0}, again = {0};
    const int both = variant == MEDVOL_DEMONS_LOG;
    double worst;
    pair p;
    pair_make(&p, WAVE, flat, 1);
    o.variant = variant, o.inverse = &inverse;
    if (both) o.velocity = &velocity;
    CHECK_OK(mv_register_demons(T, &field, &p.fixed, &p.moving, &o));
    CHECK(field_error(&p, &field, &worst) < 0.15);
    CHECK(inverse.ndim == 5 && inverse.dim[4] == field.dim[4]);
    CHECK(there_and_back(&p.fixed, &field, &inverse, flat) < 0.06);
    CHECK(there_and_back(&p.fixed, &inverse, &field, flat) < 0.03);
    if (both) {
        CHECK_OK(mv_field_exp(T, &again, &velocity, NULL));
        CHECK(greatest(&field, &again, -1) < 1e-4);
        mv_volume_free(T, &again);
        o.inverse = NULL, o.velocity = &again;
        CHECK_OK(mv_register_demons(T, &swapped, &p.moving, &p.fixed, &o)); /* the other way about */
        CHECK(greatest(&velocity, NULL, 0) > 1.5 && greatest(&velocity, &again, 1) < 2e-3);
        CHECK(greatest(&swapped, &inverse, -1) < 2e-3);
    }
    mv_volume_free(T, &field), mv_volume_free(T, &inverse), mv_volume_free(T, &velocity);
    mv_volume_free(T, &swapped), mv_volume_free(T, &again);
    pair_free(&p);
}
static void inverses(void) {
    int v;
    for (v = 0; v < VARIANTS; v++) inverses_of(0, (mv_demons)v), inverses_of(1, (mv_demons)v);
}
static void torn(void) { /* updates as they are fold the field: then there is no inverse, and no result */
    mv_register_demons_opt o = {0};
    mv_register_report rep;
    mv_volume field = {0}, inverse = {0}, was = {0};
    size_t i;
    pair p;
    pair_make(&p, NOTHING, 1, 1);
    t_seed(3);
    for (i = 0; i < mv_volume_count(&p.fixed); i++) ((float *)p.fixed.data)[i] = (float)t_uniform(0, 100);
    for (i = 0; i < mv_volume_count(&p.fixed); i++) ((float *)p.moving.data)[i] = (float)t_uniform(0, 100);
    o.variant = MEDVOL_DEMONS_SYMMETRIC, o.sigma_update = -1, o.sigma_field = -1, o.control.report = &rep;
    CHECK_OK(mv_register_demons(T, &field, &p.fixed, &p.moving, &o));
    CHECK(rep.folded > 100);
    CHECK_OK(mv_volume_copy(T, &was, &field));
    o.inverse = &inverse;
    CHECK_STATUS(mv_register_demons(T, &field, &p.fixed, &p.moving, &o), MEDVOL_E_CONVERGENCE);
    CHECK(!inverse.data && greatest(&field, &was, -1) == 0 && strstr(mv_message(T), "inverse"));
    { /* as many fold in memory that was given, where voxels are not of 1 mm */
        size_t folded;
        int k;
        for (k = 0; k < 2; k++) p.fixed.affine[5 * k] = p.moving.affine[5 * k] = 4.0;
        mv_volume_free(T, &field);
        o.inverse = NULL;
        CHECK_OK(mv_register_demons(T, &field, &p.fixed, &p.moving, &o));
        folded = rep.folded;
        CHECK_OK(mv_register_demons(T, &field, &p.fixed, &p.moving, &o));
        CHECK(folded > 100 && rep.folded == folded);
    }
    mv_volume_free(T, &field), mv_volume_free(T, &was);
    pair_free(&p);
}

/* ---- the rest ---- */
static void rest(void) { /* identical images; results with strides; a start; few voxels */
    static const size_t small[3] = {9, 8, 7}, dim[5] = {44, 40, 30, 1, 3};
    static const ptrdiff_t stride[5] = {1, 50, 50 * 41, 50 * 41 * 30, 50 * 41 * 30 + 3};
    mv_register_demons_opt o = {0};
    mv_volume field = {0}, wide, f = {0}, m = {0};
    float *room = (float *)malloc(sizeof *room * 50 * 41 * 30 * 3 + 64);
    double a[12], start[12], worst;
    size_t i;
    int v;
    pair p;
    pair_make(&p, WAVE, 0, 0);
    for (v = 0; v < VARIANTS; v++) {
        mv_register_report rep;
        o.variant = (mv_demons)v, o.control.report = &rep;
        CHECK_OK(mv_register_demons(T, &field, &p.fixed, &p.fixed, &o));
        CHECK(greatest(&field, NULL, 0) < 0.02 * 1.3 && rep.stop == MEDVOL_STOP_UPDATE);
        mv_volume_free(T, &field);
    }
    memset(&o, 0, sizeof o);
    CHECK_OK(mv_register_demons(T, &field, &p.fixed, &p.moving, NULL));
    if (!CHECK(room != NULL)) return;
    CHECK_OK(mv_volume_wrap(T, &wide, room, MEDVOL_F32, 5, dim, stride));
    CHECK_OK(mv_register_demons(T, &wide, &p.fixed, &p.moving, NULL));
    for (i = 0; i < mv_volume_count(&field); i++) {
        const size_t x = i % 44, y = i / 44 % 40, z = i / 44 / 40 % 30, c = i / 44 / 40 / 30;
        if (room[x + 50 * y + 50 * 41 * z + (50 * 41 * 30 + 3) * c] != ((float *)field.data)[i]) break;
    }
    CHECK(i == mv_volume_count(&field));
    free(room);
    mv_volume_free(T, &field);
    /* the moving world is laid elsewhere; start leads there */
    mv_affine_identity(start);
    start[0] = 0.96, start[1] = -0.1, start[3] = 14, start[4] = 0.12, start[7] = -9, start[10] = 1.05;
    memcpy(a, p.moving.affine, sizeof a);
    mv_affine_mul(p.moving.affine, start, a);
    o.start = start;
    for (v = 0; v < VARIANTS; v++) {
        o.variant = (mv_demons)v;
        CHECK_OK(mv_register_demons(T, &field, &p.fixed, &p.moving, &o));
            CHECK(field_error(&p, &field, &worst) < 0.15);
        mv_volume_free(T, &field);
    }
    grid(a, small, even, 0, 0, 0);
    image(&f, small, 3, a, WAVE), image(&m, small, 3, a, NOTHING);
    CHECK_OK(mv_register_demons(T, &field, &f, &m, NULL));
    CHECK(greatest(&field, NULL, 0) < 30);
    mv_volume_free(T, &field), mv_volume_free(T, &f), mv_volume_free(T, &m);
    pair_free(&p);
}
static void spoil(mv_volume *v, float value, mv_volume *mask) { /* a region, left out by the mask */
    size_t i;
    for (i = 0; i < mv_volume_count(v); i++) {
        const size_t x = i % v->dim[0], y = i / v->dim[0] % v->dim[1], z = i / v->dim[0] / v->dim[1];
        const int in = x > v->dim[0] / 2 && x < v->dim[0] - 8 && y > v->dim[1] / 3 && y < v->dim[1] / 2 &&
                       z > 11 && z < 19;
        if (in) ((float *)v->data)[i] = value + 30.0f * (float)(x % 5);
        if (mask) ((uint8_t *)mask->data)[i] = in ? 0 : 1;
    }
}
static void masks(void) { /* what is masked, or is no number, has no say */
    int v, holes;
    for (v = 0; v < VARIANTS; v++) {
        mv_register_demons_opt o = {0};
        mv_volume field = {0}, mask = {0};
        double worst, plain, mean;
        pair p;
        pair_make(&p, WAVE, 0, 0);
        CHECK_OK(mv_volume_alloc(T, &mask, MEDVOL_U8, 3, few));
        memcpy(mask.affine, p.fixed.affine, sizeof mask.affine);
        o.variant = (mv_demons)v;
        spoil(&p.fixed, 400, &mask);
        CHECK_OK(mv_register_demons(T, &field, &p.fixed, &p.moving, &o));
        plain = field_error(&p, &field, &worst);
        mv_volume_free(T, &field);
        o.fixed_mask = &mask;
        CHECK_OK(mv_register_demons(T, &field, &p.fixed, &p.moving, &o));
        mean = field_error(&p, &field, &worst);
            CHECK(mean < 0.3 && mean < 0.6 * plain);
        mv_volume_free(T, &field);
        o.fixed_mask = NULL;
        for (holes = 0; holes < 2; holes++) {
            spoil(holes ? &p.moving : &p.fixed, NAN, NULL);
            CHECK_OK(mv_register_demons(T, &field, &p.fixed, &p.moving, &o));
            mean = field_error(&p, &field, &worst);
                    CHECK(mean < 0.2 && greatest(&field, NULL, 0) < 10);
            mv_volume_free(T, &field);
        }
        mv_volume_free(T, &mask);
        pair_free(&p);
    }
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
    mv_register_demons_opt o = {0};
    mv_register_report rep;
    mv_volume field = {0}, velocity = {0};
    int when = 3, left = 4;
    double worst;
    pair p;
    pair_make(&p, SHIFT, 0, 1);
    o.variant = MEDVOL_DEMONS_LOG, o.velocity = &velocity;
    o.control.report = &rep, o.control.step = stop_at, o.control.user = &when;
    asked = 0;
    CHECK_OK(mv_register_demons(T, &field, &p.fixed, &p.moving, &o));
    CHECK(rep.stop == MEDVOL_STOP_CALLER && asked == 3 && rep.level == 1 && rep.iterations[0] == 0);
    CHECK(field_error(&p, &field, &worst) < 1.6); /* of the coarse level, on the voxels of the finest */
    mv_volume_free(T, &field), mv_volume_free(T, &velocity);
    o.control.step = NULL, o.control.seconds = 1e-9;
    if (!T_SMALL) {
        CHECK_OK(mv_register_demons(T, &field, &p.fixed, &p.moving, &o));
        CHECK(rep.stop == MEDVOL_STOP_TIME);
        mv_volume_free(T, &field), mv_volume_free(T, &velocity);
    }
    o.control.seconds = 0;
    T->desc.progress = count_to, T->desc.progress_user = &left;
    CHECK_STATUS(mv_register_demons(T, &field, &p.fixed, &p.moving, &o), MEDVOL_E_CANCELLED);
    CHECK(!field.data && !velocity.data);
    T->desc.progress = NULL;
    pair_free(&p);
}
#define REFUSE(what, value, status)                                                                          \
    do {                                                                                                     \
        mv_register_demons_opt o_ = {0};                                                                     \
        o_.what = value;                                                                                     \
        CHECK_STATUS(mv_register_demons(T, &field, &p.fixed, &p.moving, &o_), status);                       \
        CHECK(mv_message(T)[0] && !field.data);                                                              \
    } while (0)
static void refused_images(const mv_volume *fixed, const mv_volume *moving, mv_status status) {
    mv_volume field = {0};
    CHECK_STATUS(mv_register_demons(T, &field, fixed, moving, NULL), status);
    CHECK(!field.data);
}
static void refused(void) {
    static const double singular[12] = {1, 0, 0, 0, 2, 0, 0, 0, 0, 0, 1, 0}, nan_map[12] = {NAN};
    static const size_t line[3] = {44, 1, 30}, wrong[5] = {44, 40, 30, 1, 2};
    mv_volume field = {0}, v = {0}, mask = {0}, inverse = {0};
    pair p;
    pair_make(&p, SHIFT, 0, 1);
    refused_images(NULL, &p.moving, MEDVOL_E_NULL);
    refused_images(&p.fixed, NULL, MEDVOL_E_NULL);
    CHECK_STATUS(mv_register_demons(T, NULL, &p.fixed, &p.moving, NULL), MEDVOL_E_NULL);
    REFUSE(start, singular, MEDVOL_E_SINGULAR);
    REFUSE(start, nan_map, MEDVOL_E_RANGE);
    REFUSE(control.levels, 17, MEDVOL_E_RANGE);
    REFUSE(control.iterations, -1, MEDVOL_E_RANGE);
    REFUSE(control.tolerance, NAN, MEDVOL_E_RANGE);
    REFUSE(control.slope, 2, MEDVOL_E_RANGE);
    REFUSE(variant, (mv_demons)4, MEDVOL_E_RANGE);
    REFUSE(variant, (mv_demons)-1, MEDVOL_E_RANGE);
    REFUSE(step, -1, MEDVOL_E_RANGE);
    REFUSE(step, NAN, MEDVOL_E_RANGE);
    REFUSE(momentum, 1, MEDVOL_E_RANGE);
    REFUSE(sigma_update, NAN, MEDVOL_E_RANGE);
    REFUSE(sigma_field, 1e9, MEDVOL_E_RANGE);
    REFUSE(threshold, NAN, MEDVOL_E_RANGE);
    REFUSE(velocity, &v, MEDVOL_E_UNSUPPORTED);
    REFUSE(inverse, &field, MEDVOL_E_ALIAS);
    REFUSE(inverse, &p.fixed, MEDVOL_E_ALIAS);
    CHECK_OK(mv_volume_alloc(T, &mask, MEDVOL_U8, 3, other));
    REFUSE(fixed_mask, &mask, MEDVOL_E_SHAPE);
    mv_volume_free(T, &mask);
    CHECK_OK(mv_volume_alloc(T, &inverse, MEDVOL_F32, 5, wrong));
    REFUSE(inverse, &inverse, MEDVOL_E_SHAPE);
    mv_volume_free(T, &inverse);
    CHECK_OK(mv_volume_alloc(T, &v, MEDVOL_F32, 3, line));
    memset(v.data, 0, mv_volume_count(&v) * 4);
    refused_images(&v, &p.moving, MEDVOL_E_SIZE);
    mv_volume_free(T, &v);
    CHECK_OK(mv_volume_alloc(T, &v, MEDVOL_C64, 3, few));
    refused_images(&v, &p.moving, MEDVOL_E_DTYPE);
    mv_volume_free(T, &v);
    CHECK_OK(mv_volume_alloc(T, &v, MEDVOL_F32, 2, few));
    memset(v.data, 0, mv_volume_count(&v) * 4);
    refused_images(&v, &p.moving, MEDVOL_E_SHAPE); /* a plane and a volume */
    mv_volume_free(T, &v);
    CHECK_OK(mv_volume_alloc(T, &v, MEDVOL_F32, 3, few)); /* constant */
    memcpy(v.affine, p.fixed.affine, sizeof v.affine);
    memset(v.data, 0, mv_volume_count(&v) * 4);
    refused_images(&v, &p.fixed, MEDVOL_E_SINGULAR);
    refused_images(&p.fixed, &v, MEDVOL_E_SINGULAR);
    v.affine[3] += 1e4; /* nothing of one lies in the other: nothing moves */
    ((float *)v.data)[5000] = 7;
    CHECK_OK(mv_register_demons(T, &field, &p.fixed, &v, NULL));
    CHECK(greatest(&field, NULL, 0) == 0);
    mv_volume_free(T, &field), mv_volume_free(T, &v);
    CHECK_STATUS(mv_register_demons(T, &p.fixed, &p.fixed, &p.fixed, NULL), MEDVOL_E_ALIAS);
    pair_free(&p);
}
/* What [API] says of memory is a bound, and no idle one. */
static void memory(void) {
    static const double said[4][2] = {{16, 19}, {13, 19}, {13, 19}, {20, 23}};
    static const size_t dim[3] = {96, 96, 96};
    mv_volume fixed = {0}, moving = {0};
    mv_ctx ctx;
    size_t i;
    int variant, inverse;
    if (T_SMALL) return;
    CHECK_OK(mv_volume_alloc(T, &fixed, MEDVOL_F32, 3, dim));
    CHECK_OK(mv_volume_alloc(T, &moving, MEDVOL_F32, 3, dim));
    for (i = 0; i < 96 * 96 * 96; i++) {
        const double x = (double)(i % 96), y = (double)(i / 96 % 96), z = (double)(i / 9216);
        ((float *)fixed.data)[i] = (float)(sin(x / 5 + y / 17) * cos(y / 7) + sin(z / 6 + x / 23));
        ((float *)moving.data)[i] =
            (float)(sin((x + 1) / 5 + y / 17) * cos(y / 7) + sin(z / 6 + (x + 1) / 23));
    }
    t_weigh(&ctx, 1);
    for (variant = 0; variant < 4; variant++)
        for (inverse = 0; inverse < 2; inverse++) {
            mv_register_demons_opt o = {0};
            mv_volume u = {0}, back = {0};
            double took;
            o.variant = (mv_demons)variant;
            o.control.iterations = 1;
            if (inverse) o.inverse = &back;
            t_peak();
            CHECK_OK(mv_register_demons(&ctx, &u, &fixed, &moving, &o));
            took = (double)t_peak() / (4.0 * 96 * 96 * 96);
            if (!CHECK(took > 0.9 * said[variant][inverse] && took < said[variant][inverse] + 0.1))
                fprintf(stderr, "  variant %d inverse %d: %g floats a voxel\n", variant, inverse, took);
            mv_volume_free(&ctx, &u), mv_volume_free(&ctx, &back);
        }
    mv_ctx_free(&ctx);
    CHECK(t_weight() == 0);
    mv_volume_free(T, &fixed), mv_volume_free(T, &moving);
}
const t_case tests_demons[] = {{"translation", translation, T_ONCE}, {"affine", affine, T_ONCE},
    {"wave", wave, 0}, {"plane", plane, 0}, {"forces", forces, 0}, {"inverses", inverses, T_ONCE},
    {"torn", torn, 0}, {"rest", rest, T_ONCE}, {"masks", masks, T_ONCE}, {"control", control, 0},
    {"memory", memory, T_ONCE}, {"refused", refused, 0}, {0}};
