/* test_lnccmodes.c - mv_register_lncc: its force against differences of its energy in double; the symmetric
   and the velocity mode, inverses, velocities. Images are waves, known at every point of the world. */
#include "test.h"

enum { WAVES = 14 };
static double wave[WAVES][5];
static void waves(void) {
    int i, k;
    t_seed(77);
    for (i = 0; i < WAVES; i++) {
        for (k = 0; k < 3; k++) wave[i][k] = t_uniform(-0.45, 0.45);
        wave[i][3] = t_uniform(0, 6.28);
        wave[i][4] = t_uniform(20, 60);
    }
}
static double seen(const double *p, int flat) {
    double s = 0;
    int i;
    for (i = 0; i < WAVES; i++)
        s += wave[i][4] *
             sin(wave[i][0] * p[0] + wave[i][1] * p[1] + (flat ? 0 : wave[i][2] * p[2]) + wave[i][3]);
    return s;
}
/* the true map, p + u(p), and the other way, mm */
static void there(double *q, const double *p, int flat) {
    const double s = 1.8, z = flat ? 0 : p[2];
    q[0] = p[0] + s * sin(0.13 * p[1]) * cos(0.1 * z);
    q[1] = p[1] + s * cos(0.12 * p[0] + 0.3) * cos(0.08 * z);
    q[2] = flat ? p[2] : p[2] + s * sin(0.12 * p[0] + 0.08 * p[1]);
}
static void back(double *p, const double *q, int flat) {
    double r[3];
    int i, k;
    memcpy(p, q, 3 * sizeof *p);
    for (i = 0; i < 60; i++) {
        there(r, p, flat);
        for (k = 0; k < 3; k++) p[k] += q[k] - r[k];
    }
}
typedef struct pair {
    mv_volume fixed, moving;
    double to[12]; /* between the two worlds: behind the true map */
    int flat;
} pair;
static void grid(double *a, const size_t *dim, const double *s, double turn, int mirror, int flat) {
    const double c = cos(turn), n = sin(turn), t = flat ? 0 : 0.7 * turn;
    const double r[9] = {c, -n * cos(t), n * sin(t), n, c * cos(t), -c * sin(t), 0, sin(t), cos(t)};
    int i, k;
    for (i = 0; i < 3; i++)
        for (k = 0, a[4 * i + 3] = 0; k < 3; k++) {
            a[4 * i + k] = r[3 * i + k] * s[k] * (mirror && k == 0 ? -1 : 1);
            a[4 * i + 3] -= a[4 * i + k] * 0.5 * (double)((k < 2 || !flat ? dim[k] : 1) - 1);
        }
}
static void place(double *p, const mv_volume *v, size_t i) {
    p[0] = (double)(i % v->dim[0]), p[1] = (double)(i / v->dim[0] % v->dim[1]);
    p[2] = (double)(i / v->dim[0] / v->dim[1]);
    mv_affine_apply(p, v->affine, p);
}
static void image(mv_volume *v, const size_t *dim, const pair *p, const double *affine, int moving) {
    size_t i;
    double x[3], q[3], from[12];
    CHECK_OK(mv_affine_invert(from, p->to));
    CHECK_OK(mv_volume_alloc(T, v, MEDVOL_F32, p->flat ? 2 : 3, dim));
    memcpy(v->affine, affine, sizeof v->affine);
    for (i = 0; i < mv_volume_count(v); i++) {
        place(x, v, i);
        if (moving) mv_affine_apply(q, from, x);
        else there(q, x, p->flat);
        ((float *)v->data)[i] = (float)seen(q, p->flat);
        if (moving) ((float *)v->data)[i] = (float)(300 - (0.8 + 0.004 * x[0]) * seen(q, p->flat));
    }
}
static const size_t few[3] = {38, 36, 34}, other[3] = {40, 36, 33};
static const double even[3] = {1.2, 1.2, 1.2}, uneven[3] = {1.1, 1.25, 1.3};
/* same: one grid for both; else the moving one is mirrored, turned and uneven; far: between their worlds lies
   an affine */
static void pair_make(pair *p, int flat, int same, int far_away) {
    double a[12], b[12];
    memset(p, 0, sizeof *p);
    waves();
    p->flat = flat;
    mv_affine_identity(p->to);
    if (far_away) p->to[0] = 0.96, p->to[1] = 0.1, p->to[4] = -0.1, p->to[5] = 1.03;
    if (far_away) p->to[3] = 5, p->to[7] = -7;
    grid(a, few, even, 0.2, 0, flat);
    grid(b, other, uneven, -0.1, 1, flat);
    if (far_away) mv_affine_mul(b, p->to, b);
    image(&p->fixed, few, p, a, 0);
    image(&p->moving, same ? few : other, p, same ? a : b, 1);
}
static void pair_free(pair *p) {
    mv_volume_free(T, &p->fixed);
    mv_volume_free(T, &p->moving);
}
/* Mean and greatest distance from the truth (or its inverse), in voxels, of what lies within 13 mm. */
static double field_error(const pair *p, const mv_volume *field, int inverse, double *worst) {
    const size_t n = mv_volume_count(&p->fixed);
    double sum = 0, count = 0;
    size_t i;
    *worst = 0;
    for (i = 0; i < n; i++) {
        double x[3], q[3], e = 0;
        int k;
        place(x, &p->fixed, i);
        if (x[0] * x[0] + x[1] * x[1] + x[2] * x[2] > 13 * 13) continue;
        if (inverse) back(q, x, p->flat);
        else there(q, x, p->flat);
        for (k = 0; k < (p->flat ? 2 : 3); k++)
            e += pow(x[k] + (double)((const float *)field->data)[(size_t)k * n + i] - q[k], 2);
        sum += sqrt(e) / even[0], count++;
        *worst = fmax(*worst, sqrt(e) / even[0]);
    }
    return sum / count;
}
/* Mean and greatest length, in voxels, of b o a - id within 13 mm. */
static double loop_error(const pair *p, const mv_volume *a, const mv_volume *b, double *worst) {
    const size_t n = mv_volume_count(&p->fixed);
    mv_transform chain[2];
    mv_volume sum = {0};
    double total = 0, count = 0;
    size_t i;
    memset(chain, 0, sizeof chain);
    chain[0].kind = chain[1].kind = MEDVOL_TRANSFORM_FIELD;
    chain[0].field = a, chain[1].field = b;
    CHECK_OK(mv_transform_field(T, &sum, &p->fixed, chain, 2));
    for (i = 0, *worst = 0; i < n && sum.data; i++) {
        double x[3], e = 0;
        size_t k;
        place(x, &p->fixed, i);
        if (x[0] * x[0] + x[1] * x[1] + x[2] * x[2] > 13 * 13) continue;
        for (k = 0; k < sum.dim[4]; k++) e += pow((double)((float *)sum.data)[k * n + i], 2);
        total += sqrt(e) / even[0], count++;
        *worst = fmax(*worst, sqrt(e) / even[0]);
    }
    mv_volume_free(T, &sum);
    return total / count;
}
static uint32_t crc_of(const mv_volume *v) {
    return t_crc32(0, v->data, mv_volume_count(v) * sizeof(float));
}
static double greatest(const mv_volume *a, const mv_volume *b) { /* of a - b (NULL: 0); NaN when one is */
    double most = 0;
    size_t i;
    for (i = 0; i < mv_volume_count(a); i++) {
        const double d = (double)((float *)a->data)[i] - (b ? (double)((float *)b->data)[i] : 0);
        if (d != d) return NAN;
        most = fmax(most, fabs(d));
    }
    return most;
}

/* ---- the force ---- */
enum { MOST = 700 };
typedef struct model { /* energy in double */
    size_t n[3], radius;
    double m[MOST], f[MOST], weight[MOST], shift[3];
    double u[2][3][MOST]; /* of the moving image, of the fixed one */
    int both;
} model;
static double linear(const double *v, const size_t *n, const double *at) {
    double f[3], s = 0;
    size_t i[3], k;
    for (k = 0; k < 3; k++) {
        const double x = fmin(fmax(at[k], 0), (double)n[k] - 1);
        i[k] = n[k] < 2 ? 0 : (size_t)fmin(floor(x), (double)n[k] - 2);
        f[k] = x - (double)i[k];
    }
    for (k = 0; k < 8; k++) {
        const size_t x = i[0] + (k & 1), y = i[1] + (k >> 1 & 1), z = i[2] + (k >> 2);
        const double w = (k & 1 ? f[0] : 1 - f[0]) * (k & 2 ? f[1] : 1 - f[1]) * (k & 4 ? f[2] : 1 - f[2]);
        if (w > 0) s += w * v[x + n[0] * (y + n[1] * z)];
    }
    return s;
}
static void model_at(const model *m, size_t i, double *w, double *f) {
    double p[2][3];
    int k;
    p[0][0] = p[1][0] = (double)(i % m->n[0]), p[0][1] = p[1][1] = (double)(i / m->n[0] % m->n[1]);
    p[0][2] = p[1][2] = (double)(i / m->n[0] / m->n[1]);
    for (k = 0; k < 3; k++) p[0][k] += m->u[0][k][i] + m->shift[k], p[1][k] += m->u[1][k][i];
    *w = linear(m->m, m->n, p[0]);
    *f = m->both ? linear(m->f, m->n, p[1]) : m->f[i];
}
/* sum of weighted r^2 over the windows whose middle lies within `reach` of voxel i */
static double model_energy(const model *m, size_t i, size_t reach) {
    static double w[MOST], f[MOST];
    const size_t *n = m->n, c[3] = {i % n[0], i / n[0] % n[1], i / n[0] / n[1]};
    size_t x[3], y[3], lo[3], hi[3], k;
    double e = 0;
    for (k = 0; k < n[0] * n[1] * n[2]; k++) model_at(m, k, &w[k], &f[k]);
    for (k = 0; k < 3; k++) {
        lo[k] = c[k] > reach ? c[k] - reach : 0;
        hi[k] = c[k] + reach < n[k] ? c[k] + reach : n[k] - 1;
    }
    for (x[2] = lo[2]; x[2] <= hi[2]; x[2]++)
        for (x[1] = lo[1]; x[1] <= hi[1]; x[1]++)
            for (x[0] = lo[0]; x[0] <= hi[0]; x[0]++) {
                double s[6] = {0};
                size_t a[3], b[3];
                for (k = 0; k < 3; k++) {
                    a[k] = x[k] > m->radius ? x[k] - m->radius : 0;
                    b[k] = x[k] + m->radius < n[k] ? x[k] + m->radius : n[k] - 1;
                }
                for (y[2] = a[2]; y[2] <= b[2]; y[2]++)
                    for (y[1] = a[1]; y[1] <= b[1]; y[1]++)
                        for (y[0] = a[0]; y[0] <= b[0]; y[0]++) {
                            const size_t at = y[0] + n[0] * (y[1] + n[1] * y[2]);
                            s[0]++, s[1] += w[at], s[2] += f[at];
                            s[3] += w[at] * w[at], s[4] += f[at] * f[at], s[5] += w[at] * f[at];
                        }
                e += m->weight[x[0] + n[0] * (x[1] + n[1] * x[2])] * pow(s[5] - s[1] * s[2] / s[0], 2) /
                     ((s[3] - s[1] * s[1] / s[0]) * (s[4] - s[2] * s[2] / s[0]));
            }
    return e;
}
/* the derivative by a component of a map at voxel i: central; at the borders of the fixed image, where its
   lattice lies, from within */
static double model_slope(model *m, int side, int axis, size_t i) {
    const size_t c[3] = {i % m->n[0], i / m->n[0] % m->n[1], i / m->n[0] / m->n[1]};
    const double h = 2e-4, up = side && c[axis] == m->n[axis] - 1 ? 0 : h;
    const double down = side && c[axis] == 0 ? 0 : h;
    double *u = &m->u[side][axis][i], e[2];
    *u = up, e[1] = model_energy(m, i, m->radius);
    *u = -down, e[0] = model_energy(m, i, m->radius);
    *u = 0;
    return (e[1] - e[0]) / (up + down);
}
/* One step of GRADIENT without smoothing is the force, its longest vector `step` voxels long. */
static void force_of(int flat, int both, int masked, size_t radius) {
    static model m;
    static float f[MOST], w[MOST], k[MOST];
    static double force[3][MOST];
    static const size_t dim[2][3] = {{9, 8, 7}, {17, 14, 1}};
    const double step = 1e-3;
    mv_register_lncc_opt o = {0};
    mv_register_report rep;
    mv_volume fixed, moving, mask, field = {0}, inverse = {0};
    double start[12], longest = 0, sum = 0, weight = 0;
    size_t i, n = dim[flat][0] * dim[flat][1] * dim[flat][2];
    int c, axes = flat ? 2 : 3;
    memset(&m, 0, sizeof m);
    t_seed(5);
    for (i = 0; i < 3; i++) m.n[i] = dim[flat][i];
    m.radius = radius, m.both = both;
    m.shift[0] = 0.3, m.shift[1] = -0.4, m.shift[2] = flat ? 0 : 0.2;
    for (i = 0; i < n; i++) {
        const double x = (double)(i % m.n[0]), y = (double)(i / m.n[0] % m.n[1]);
        const double z = (double)(i / m.n[0] / m.n[1]);
        w[i] = (float)(sin(0.9 * x + 0.2) + cos(0.8 * y - 0.3 * z) + sin(0.7 * z) + t_uniform(0, 0.5));
        f[i] = (float)(sin(0.9 * x) + cos(0.8 * y) + sin(0.7 * z + 0.5) + t_uniform(0, 0.5));
        if (both) f[i] = (float)(x - 1.3 * y + 0.3 * x * y + (1.1 + 0.25 * x - 0.2 * y) * z); /* no kinks */
        k[i] = masked ? (float)((i * 7 % 5) * 0.5) : 1;
        m.m[i] = (double)w[i], m.f[i] = (double)f[i], m.weight[i] = (double)k[i];
        weight += (double)k[i];
    }
    sum = model_energy(&m, 0, 100);
    for (i = 0; i < n; i++) {
        double s = 0;
        for (c = 0; c < axes; c++) {
            force[c][i] = model_slope(&m, 0, c, i);
            if (both) force[c][i] -= model_slope(&m, 1, c, i);
            if (both && !(k[i] > 0)) force[c][i] = 0; /* no weight, no force */
            s += force[c][i] * force[c][i];
        }
        longest = fmax(longest, sqrt(s));
    }
    CHECK_OK(mv_volume_wrap(T, &fixed, f, MEDVOL_F32, flat ? 2 : 3, dim[flat], NULL));
    CHECK_OK(mv_volume_wrap(T, &moving, w, MEDVOL_F32, flat ? 2 : 3, dim[flat], NULL));
    CHECK_OK(mv_volume_wrap(T, &mask, k, MEDVOL_F32, flat ? 2 : 3, dim[flat], NULL));
    mv_affine_identity(start);
    for (c = 0; c < 3; c++) start[4 * c + 3] = m.shift[c];
    o.start = start, o.radius = (int)radius, o.full = 1, o.step = step, o.sigma_update = o.sigma_field = -1;
    o.descent = MEDVOL_DESCENT_GRADIENT, o.control.levels = o.control.iterations = 1, o.control.report = &rep;
    if (masked) o.fixed_mask = &mask;
    if (both) o.mode = MEDVOL_LNCC_SYMMETRIC, o.inverse = &inverse;
    CHECK_OK(mv_register_lncc(T, &field, &fixed, &moving, &o));
    CHECK_NEAR(rep.first, 1 - sum / weight, 2e-6);
    CHECK_NEAR(rep.update, step, 1e-8);
    for (c = 0; c < axes && field.data; c++)
        for (i = 0; i < n; i++) {
            const double want = step * force[c][i] / longest;
            const double got = (double)((float *)field.data)[(size_t)c * n + i];
            if (!CHECK_NEAR(got, want, 1e-3 * step)) return;
            if (both) CHECK_NEAR((double)((float *)inverse.data)[(size_t)c * n + i], -want, 1e-3 * step);
        }
    mv_volume_free(T, &field), mv_volume_free(T, &inverse);
}
static void force(void) {
    int masked;
    for (masked = 0; masked < 2; masked++) {
        force_of(0, 0, masked, 1);
        force_of(1, 0, masked, 2);
        force_of(0, 1, masked, 1);
        force_of(1, 1, masked, 3);
    }
}

/* ---- what is found ---- */
typedef struct asked {
    mv_lncc_mode mode;
    mv_descent descent;
    int flat, full, iterations;
    double most, loop; /* error of field and inverse, voxels: mean; greatest of the way there and back */
} asked;
enum { SOME = 400 };
static void found_of(const asked *a) {
    static struct { uint32_t crc[3]; int known; } bits[5][3][3][2][2];
    static struct { float some[2][SOME]; int known; } levels[3][3][2][2];
    mv_register_lncc_opt o = {0};
    mv_register_report rep;
    mv_volume field = {0}, inverse = {0}, velocity = {0}, alone = {0};
    double worst, mean;
    uint32_t crc[3];
    size_t i;
    pair p;
    pair_make(&p, a->flat, 0, 0);
    o.mode = a->mode, o.descent = a->descent, o.full = a->full, o.inverse = &inverse;
    o.control.iterations = a->iterations, o.control.slope = -1, o.control.report = &rep;
    if (a->mode == MEDVOL_LNCC_VELOCITY) o.velocity = &velocity;
    CHECK_OK(mv_register_lncc(T, &field, &p.fixed, &p.moving, &o));
    CHECK(field.ndim == 5 && field.dim[3] == 1 && field.dim[4] == (a->flat ? 2 : 3));
    CHECK(field.dtype == MEDVOL_F32);
    CHECK(inverse.ndim == 5 && inverse.dim[4] == field.dim[4] && inverse.dtype == MEDVOL_F32);
    CHECK(!memcmp(field.affine, p.fixed.affine, sizeof field.affine));
    CHECK(!memcmp(inverse.affine, p.fixed.affine, sizeof inverse.affine));
    CHECK(rep.folded == 0 && rep.energy < rep.first && rep.level == 0);
    mean = field_error(&p, &field, 0, &worst);
    CHECK(mean < a->most && worst < 4 * a->most);
    mean = field_error(&p, &inverse, 1, &worst);
    CHECK(mean < a->most && worst < 4 * a->most);
    mean = loop_error(&p, &field, &inverse, &worst);
    CHECK(mean < a->loop / 4 && worst < a->loop);
    mean = loop_error(&p, &inverse, &field, &worst);
    CHECK(mean < a->loop / 4 && worst < a->loop);
    crc[0] = crc_of(&field), crc[1] = crc_of(&inverse), crc[2] = 0;
    if (velocity.data) { /* what mv_field_exp makes of the velocity */
        mv_field_exp_opt e = {0};
        crc[2] = crc_of(&velocity);
        CHECK_OK(mv_field_exp(T, &alone, &velocity, NULL));
        CHECK(greatest(&alone, &field) < 2e-5);
        mv_volume_free(T, &alone);
        e.inverse = 1;
        CHECK_OK(mv_field_exp(T, &alone, &velocity, &e));
        CHECK(greatest(&alone, &inverse) < 2e-5);
        mv_volume_free(T, &alone);
    }
    if (bits[t_level][a->mode][a->descent][a->flat][a->full].known)
        CHECK(!memcmp(crc, bits[t_level][a->mode][a->descent][a->flat][a->full].crc, sizeof crc));
    memcpy(bits[t_level][a->mode][a->descent][a->flat][a->full].crc, crc, sizeof crc);
    bits[t_level][a->mode][a->descent][a->flat][a->full].known = 1;
    for (i = 0; i < SOME; i++) {
        const float u = ((float *)field.data)[i * (mv_volume_count(&field) / SOME)],
                    w = ((float *)inverse.data)[i * (mv_volume_count(&field) / SOME)];
        float *was = levels[a->mode][a->descent][a->flat][a->full].some[0] + i;
        if (!levels[a->mode][a->descent][a->flat][a->full].known) was[0] = u, was[SOME] = w;
        if (!CHECK(fabs((double)(u - was[0])) < (a->descent ? 0.03 : 0.01) * even[0])) break;
        if (!CHECK(fabs((double)(w - was[SOME])) < (a->descent ? 0.03 : 0.01) * even[0])) break;
    }
    levels[a->mode][a->descent][a->flat][a->full].known = 1;
    o.inverse = o.velocity = NULL; /* the field does not depend on what else is asked for */
    CHECK_OK(mv_register_lncc(T, &alone, &p.fixed, &p.moving, &o));
    CHECK(crc_of(&alone) == crc[0]);
    mv_volume_free(T, &alone), mv_volume_free(T, &velocity);
    mv_volume_free(T, &field), mv_volume_free(T, &inverse);
    pair_free(&p);
}
static void modes(void) {
    static const asked all[] = {{MEDVOL_LNCC_GREEDY, MEDVOL_DESCENT_NEWTON, 0, 0, 10, 0.15, 0.05},
        {MEDVOL_LNCC_SYMMETRIC, MEDVOL_DESCENT_NEWTON, 0, 0, 10, 0.09, 0.022},
        {MEDVOL_LNCC_VELOCITY, MEDVOL_DESCENT_NEWTON, 0, 0, 10, 0.13, 0.025},
        {MEDVOL_LNCC_SYMMETRIC, MEDVOL_DESCENT_NEWTON, 0, 1, 10, 0.08, 0.025},
        {MEDVOL_LNCC_VELOCITY, MEDVOL_DESCENT_NEWTON, 0, 1, 10, 0.12, 0.025}};
    size_t i;
    for (i = 0; i < sizeof all / sizeof *all; i++) found_of(&all[i]);
}
static void planes(void) {
    asked a = {MEDVOL_LNCC_GREEDY, MEDVOL_DESCENT_NEWTON, 1, 0, 10, 0.09, 0.035};
    int mode;
    for (mode = 0; mode < 3; mode++)
        for (a.full = 0; a.full < 2; a.full++) a.mode = (mv_lncc_mode)mode, found_of(&a);
}
static void descents(void) {
    asked a = {MEDVOL_LNCC_SYMMETRIC, MEDVOL_DESCENT_GRADIENT, 0, 0, 20, 0.25, 0.05};
    int mode, k;
    for (mode = 0; mode < 3; mode++)
        for (k = 1; k < 3; k++) a.mode = (mv_lncc_mode)mode, a.descent = (mv_descent)k, found_of(&a);
    a.flat = a.full = 1;
    for (mode = 1; mode < 3; mode++)
        for (k = 1; k < 3; k++) a.mode = (mv_lncc_mode)mode, a.descent = (mv_descent)k, found_of(&a);
}
/* Images that change places: field and inverse do, to the bit. */
static void swapped(void) {
    int flat, full, descent;
    for (flat = 0; flat < 2; flat++)
        for (full = 0; full < 2; full++)
            for (descent = 0; descent < 3; descent++) {
                mv_register_lncc_opt o = {0};
                mv_register_report rep[2];
                mv_volume f[2] = {{0}}, w[2] = {{0}};
                pair p;
                if (!flat && descent && full) continue;
                pair_make(&p, flat, 1, 0);
                if (full) ((float *)p.fixed.data)[700] = NAN, ((float *)p.moving.data)[900] = INFINITY;
                o.mode = MEDVOL_LNCC_SYMMETRIC, o.full = full, o.descent = (mv_descent)descent;
                o.control.iterations = 4, o.control.levels = 2 - full;
                o.inverse = &w[0], o.control.report = &rep[0];
                CHECK_OK(mv_register_lncc(T, &f[0], &p.fixed, &p.moving, &o));
                o.inverse = &w[1], o.control.report = &rep[1];
                CHECK_OK(mv_register_lncc(T, &f[1], &p.moving, &p.fixed, &o));
                CHECK(greatest(&f[0], NULL) > 0.5 && greatest(&f[0], NULL) < 20);
                CHECK(greatest(&f[0], &w[1]) == 0 && greatest(&f[1], &w[0]) == 0);
                CHECK(rep[0].energy == rep[1].energy && rep[0].update == rep[1].update);
                mv_volume_free(T, &f[0]), mv_volume_free(T, &f[1]);
                mv_volume_free(T, &w[0]), mv_volume_free(T, &w[1]);
                pair_free(&p);
            }
}
/* T(p) = A(p + u(p)), T^-1(q) = A^-1 q + w there: the chains show each image on the other's voxels. */
static void starts(void) {
    int mode;
    for (mode = 0; mode < 3; mode++) {
        mv_register_lncc_opt o = {0};
        mv_volume field = {0}, inverse = {0}, view = {0};
        mv_transform chain[2];
        mv_image_metrics m;
        mv_metric_opt q = {0};
        double worst;
        pair p;
        pair_make(&p, 0, 0, 1);
        o.mode = (mv_lncc_mode)mode, o.start = p.to, o.inverse = &inverse;
        CHECK_OK(mv_register_lncc(T, &field, &p.fixed, &p.moving, &o));
        CHECK(field_error(&p, &field, 0, &worst) < 0.15 && field_error(&p, &inverse, 1, &worst) < 0.15);
        memset(chain, 0, sizeof chain);
        chain[0].kind = MEDVOL_TRANSFORM_AFFINE, chain[0].inverse = 1;
        memcpy(chain[0].affine, p.to, sizeof p.to);
        chain[1].kind = MEDVOL_TRANSFORM_FIELD, chain[1].field = &inverse;
        q.what = MEDVOL_METRIC_LNCC;
        CHECK_OK(mv_warp(T, &view, &p.fixed, &p.moving, chain, 2, NULL));
        CHECK_OK(mv_metric_image(T, &m, &view, &p.moving, &q));
        CHECK(m.lncc > 0.75);
        mv_volume_free(T, &view), mv_volume_free(T, &field), mv_volume_free(T, &inverse);
        pair_free(&p);
    }
}
/* ---- at the edges ---- */
static int none_after(void *user, const mv_register_step *s) { return s->iteration >= *(const int *)user; }
static void ended(void) { /* on a coarse level: the whole field is that of this level */
    int mode;
    for (mode = 0; mode < 3; mode++) {
        mv_register_lncc_opt o = {0};
        mv_register_report rep;
        mv_volume field = {0};
        double worst;
        int last = 25;
        pair p;
        pair_make(&p, 0, 0, 0);
        o.mode = (mv_lncc_mode)mode, o.control.report = &rep, o.control.levels = 2, o.control.slope = -1;
        o.control.iterations = 25;
        o.control.step = none_after, o.control.user = &last;
        CHECK_OK(mv_register_lncc(T, &field, &p.fixed, &p.moving, &o));
        CHECK(rep.stop == MEDVOL_STOP_CALLER && rep.level == 1 && rep.iterations[0] == 0 && rep.folded == 0);
        CHECK(field_error(&p, &field, 0, &worst) < 0.4 && greatest(&field, NULL) < 8);
        mv_volume_free(T, &field);
        pair_free(&p);
    }
}
static int count_to(void *user, double done, double total, const char *label) {
    CHECK(done <= total && label);
    return --*(int *)user == 0;
}
static void rest(void) {
    static const size_t small[3] = {5, 3, 2}, room[5] = {38, 36, 34, 1, 3};
    static const ptrdiff_t stride[5] = {1, 41, 41 * 37, 41 * 37 * 34, 41 * 37 * 34 + 5};
    const size_t n = few[0] * few[1] * few[2], floats = 41 * 37 * 34 * 3 + 64;
    float *space = (float *)malloc(floats * sizeof *space);
    int mode, left;
    if (!CHECK(space != NULL)) return;
    for (mode = 0; mode < 3; mode++) {
        mv_register_lncc_opt o = {0};
        mv_register_report rep;
        mv_volume field = {0}, inverse = {0}, wide, mask = {0}, f, m, plain = {0};
        float tiny[2][30];
        double worst, all;
        size_t i;
        pair p;
        pair_make(&p, 0, 1, 0);
        o.mode = (mv_lncc_mode)mode, o.control.report = &rep, o.control.iterations = 4;
        /* one image and itself */
        o.inverse = &inverse;
        CHECK_OK(mv_register_lncc(T, &field, &p.fixed, &p.fixed, &o));
        CHECK(greatest(&field, NULL) < 0.02 && greatest(&inverse, NULL) < 0.02);
        mv_volume_free(T, &field), mv_volume_free(T, &inverse);
        /* cancelled: nothing is made */
        left = 3;
        T->desc.progress = count_to, T->desc.progress_user = &left;
        CHECK_STATUS(mv_register_lncc(T, &field, &p.fixed, &p.moving, &o), MEDVOL_E_CANCELLED);
        T->desc.progress = NULL;
        CHECK(!field.data && !inverse.data);
        /* an inverse with gaps */
        CHECK_OK(mv_register_lncc(T, &field, &p.fixed, &p.moving, &o));
        for (i = 0; i < floats; i++) space[i] = 77;
        CHECK_OK(mv_volume_wrap(T, &wide, space, MEDVOL_F32, 5, room, stride));
        o.inverse = &wide;
        CHECK_OK(mv_register_lncc(T, &plain, &p.fixed, &p.moving, &o));
        CHECK(greatest(&plain, &field) == 0);
        for (i = 0; i < 3 * n; i++) {
            const size_t x = i % few[0], y = i / few[0] % few[1], z = i / few[0] / few[1] % few[2];
            const size_t at = x + 41 * y + 41 * 37 * z + (41 * 37 * 34 + 5) * (i / n);
            if (space[at] != ((float *)inverse.data)[i]) break;
        }
        CHECK(i == 3 * n && space[38] == 77 && space[41 * 36] == 77 && space[41 * 37 * 34] == 77);
        mv_volume_free(T, &plain), mv_volume_free(T, &field), mv_volume_free(T, &inverse);
        /* a spoilt part: not numbers, then other values under a mask */
        o.inverse = &inverse;
        CHECK_OK(mv_volume_alloc(T, &mask, MEDVOL_U8, 3, few));
        memcpy(mask.affine, p.fixed.affine, sizeof mask.affine);
        for (i = 0; i < n; i++) {
            const size_t x = i % few[0], y = i / few[0] % few[1];
            ((uint8_t *)mask.data)[i] = !(x > 23 && y > 19); /* a voxel more */
            if (x > 24 && y > 20) ((float *)p.fixed.data)[i] = NAN;
        }
        ((float *)p.moving.data)[4321] = NAN;
        o.control.iterations = 10;
        CHECK_OK(mv_register_lncc(T, &field, &p.fixed, &p.moving, &o));
        CHECK(field_error(&p, &field, 0, &worst) < 0.2 && greatest(&field, NULL) < 8);
        CHECK(greatest(&inverse, NULL) < 8);
        mv_volume_free(T, &field), mv_volume_free(T, &inverse);
        for (i = 0; i < n; i++)
            if (((float *)p.fixed.data)[i] != ((float *)p.fixed.data)[i])
                ((float *)p.fixed.data)[i] = (float)(i % 7 * 40);
        CHECK_OK(mv_register_lncc(T, &field, &p.fixed, &p.moving, &o));
        all = field_error(&p, &field, 0, &worst);
        mv_volume_free(T, &field), mv_volume_free(T, &inverse);
        o.fixed_mask = &mask;
        CHECK_OK(mv_register_lncc(T, &field, &p.fixed, &p.moving, &o));
        CHECK(field_error(&p, &field, 0, &worst) < 0.2 && field_error(&p, &field, 0, &worst) < 0.7 * all);
        mv_volume_free(T, &field), mv_volume_free(T, &inverse);
        memset(mask.data, 0, n);
        CHECK_STATUS(mv_register_lncc(T, &field, &p.fixed, &p.moving, &o), MEDVOL_E_EMPTY);
        CHECK(!field.data && !inverse.data);
        mv_volume_free(T, &mask);
        o.fixed_mask = NULL;
        /* few voxels; then none that differ */
        for (i = 0; i < 30; i++) tiny[0][i] = (float)(i % 5), tiny[1][i] = (float)(i * i % 11);
        CHECK_OK(mv_volume_wrap(T, &f, tiny[0], MEDVOL_F32, 3, small, NULL));
        CHECK_OK(mv_volume_wrap(T, &m, tiny[1], MEDVOL_F32, 3, small, NULL));
        CHECK_OK(mv_register_lncc(T, &field, &f, &m, &o));
        CHECK(greatest(&field, NULL) < 20 && greatest(&inverse, NULL) < 20);
        mv_volume_free(T, &field), mv_volume_free(T, &inverse);
        memset(tiny[1], 0, sizeof tiny[1]);
        CHECK_STATUS(mv_register_lncc(T, &field, &f, &m, &o), MEDVOL_E_SINGULAR);
        CHECK_STATUS(mv_register_lncc(T, &field, &m, &f, &o), MEDVOL_E_SINGULAR);
        CHECK(!field.data && !inverse.data);
        pair_free(&p);
    }
    free(space);
}
#define REFUSED(status)                                                                                      \
    do {                                                                                                     \
        CHECK_STATUS(mv_register_lncc(T, &field, &p.fixed, &p.moving, &o), status);                          \
        CHECK(mv_message(T)[0] && !field.data);                                                              \
        memset(&o, 0, sizeof o);                                                                             \
    } while (0)
static void refused(void) {
    static const size_t wrong[5] = {38, 36, 34, 1, 2}, right[5] = {38, 36, 34, 1, 3};
    mv_register_lncc_opt o = {0};
    mv_volume field = {0}, v = {0}, part;
    pair p;
    size_t i;
    pair_make(&p, 0, 1, 0);
    o.mode = (mv_lncc_mode)3;
    REFUSED(MEDVOL_E_RANGE);
    o.mode = (mv_lncc_mode)-1;
    REFUSED(MEDVOL_E_RANGE);
    o.velocity = &v;
    REFUSED(MEDVOL_E_UNSUPPORTED);
    o.velocity = &v, o.mode = MEDVOL_LNCC_SYMMETRIC;
    REFUSED(MEDVOL_E_UNSUPPORTED);
    CHECK(strstr(mv_message(T), "velocity") != NULL);
    o.inverse = &field;
    REFUSED(MEDVOL_E_ALIAS);
    o.mode = MEDVOL_LNCC_VELOCITY, o.velocity = o.inverse = &v;
    REFUSED(MEDVOL_E_ALIAS);
    o.inverse = &p.fixed;
    REFUSED(MEDVOL_E_ALIAS);
    CHECK(strstr(mv_message(T), "inverse") != NULL);
    o.inverse = &p.moving, o.mode = MEDVOL_LNCC_SYMMETRIC;
    REFUSED(MEDVOL_E_ALIAS);
    CHECK_OK(mv_volume_alloc(T, &v, MEDVOL_F32, 5, wrong));
    o.inverse = &v;
    REFUSED(MEDVOL_E_SHAPE);
    mv_volume_free(T, &v);
    CHECK_OK(mv_volume_alloc(T, &v, MEDVOL_F64, 5, right));
    o.inverse = &v;
    REFUSED(MEDVOL_E_DTYPE);
    mv_volume_free(T, &v);
    CHECK_OK(mv_volume_alloc(T, &v, MEDVOL_F32, 5, right));
    for (i = 0; i < mv_volume_count(&v); i++) ((float *)v.data)[i] = 5;
    CHECK_OK(mv_volume_wrap(T, &part, v.data, MEDVOL_F32, 5, right, NULL));
    o.inverse = &part, o.velocity = &v, o.mode = MEDVOL_LNCC_VELOCITY;
    REFUSED(MEDVOL_E_ALIAS);
    o.inverse = &v, o.radius = 9;
    REFUSED(MEDVOL_E_RANGE);
    CHECK(((float *)v.data)[0] == 5 && ((float *)v.data)[100000] == 5);
    mv_volume_free(T, &v);
    pair_free(&p);
}
/* What [API] says of memory is a bound, and no idle one. */
static void memory(void) {
    static const double said[3][2][2] = {{{7, 7}, {16, 19}}, {{7, 7}, {20, 23}}, {{10, 10}, {19, 22}}};
    static const size_t dim[3] = {96, 96, 96};
    mv_volume fixed = {0}, moving = {0};
    mv_ctx ctx;
    int mode, full, adam, inverse;
    if (T_SMALL) return;
    waves();
    CHECK_OK(mv_volume_alloc(T, &fixed, MEDVOL_F32, 3, dim));
    CHECK_OK(mv_volume_alloc(T, &moving, MEDVOL_F32, 3, dim));
    for (mode = 0; mode < 96 * 96 * 96; mode++) {
        double p[3];
        place(p, &fixed, (size_t)mode);
        ((float *)fixed.data)[mode] = (float)seen(p, 0);
        p[0] += 1;
        ((float *)moving.data)[mode] = (float)seen(p, 0);
    }
    t_weigh(&ctx, 1);
    for (mode = 0; mode < 3; mode++)
        for (full = 0; full < 2; full++)
            for (adam = 0; adam < 2; adam++)
                for (inverse = 0; inverse < 2; inverse++) {
                    const double more = inverse ? mode == MEDVOL_LNCC_SYMMETRIC && !full ? 6 : 3 : 0;
                    mv_register_lncc_opt o = {0};
                    mv_volume u = {0}, back_again = {0};
                    double took;
                    o.mode = (mv_lncc_mode)mode;
                    o.full = full;
                    o.descent = adam ? MEDVOL_DESCENT_ADAM : MEDVOL_DESCENT_NEWTON;
                    o.control.iterations = 1;
                    if (inverse) o.inverse = &back_again;
                    t_peak();
                    CHECK_OK(mv_register_lncc(&ctx, &u, &fixed, &moving, &o));
                    took = (double)t_peak() / (4.0 * 96 * 96 * 96);
                    if (!CHECK(took > 0.75 * (said[mode][full][adam] + more) &&
                               took < 1.05 * (said[mode][full][adam] + more)))
                        fprintf(stderr, "  mode %d full %d adam %d inverse %d: %g floats a voxel\n", mode, full,
                                adam, inverse, took);
                    mv_volume_free(&ctx, &u), mv_volume_free(&ctx, &back_again);
                }
    mv_ctx_free(&ctx);
    CHECK(t_weight() == 0);
    mv_volume_free(T, &fixed), mv_volume_free(T, &moving);
}
/* The result turns with the images: where one grid is both images', positions on voxels are found there, however
   its affine is rounded. Noise makes gradients of neighbouring cells differ. */
static void turned(void) {
    static const size_t dim[2] = {40, 36};
    enum { N = 40 * 36, TURNS = 9 };
    const double straight[8] = {1.1, 0, 0, 2.5, 0, 0.9, 0, -3.25};
    int turn, spline, r, c;
    for (spline = 0; spline < 2; spline++) {
        mv_volume first = {0};
        for (turn = 0; turn < TURNS; turn++) {
            const double a = 0.1 * turn, m[4] = {cos(a), -sin(a), sin(a), cos(a)};
            mv_register_lncc_opt o = {0};
            mv_register_bspline_opt b = {0};
            mv_volume fixed = {0}, moving = {0}, u = {0}, coefficients = {0};
            double most = 0;
            size_t i;
            CHECK_OK(mv_volume_alloc(T, &fixed, MEDVOL_F32, 2, dim));
            CHECK_OK(mv_volume_alloc(T, &moving, MEDVOL_F32, 2, dim));
            for (r = 0; r < 2; r++)
                for (c = 0; c < 4; c++)
                    fixed.affine[4 * r + c] = m[2 * r] * straight[c] + m[2 * r + 1] * straight[4 + c];
            memcpy(moving.affine, fixed.affine, sizeof fixed.affine);
            t_seed(7);
            for (i = 0; i < N; i++) {
                const double x = (double)(i % 40) - 20, y = (double)(i / 40) - 18;
                ((float *)fixed.data)[i] = (float)(100 * exp(-(x * x + y * y) / 60) + t_uniform(0, 8));
                ((float *)moving.data)[i] = (float)(
                    100 * exp(-((x - 0.6) * (x - 0.6) + (y + 0.5) * (y + 0.5)) / 60) + t_uniform(0, 8));
            }
            o.control.levels = o.control.iterations = b.control.levels = 1;
            b.control.iterations = 2;
            if (!spline) CHECK_OK(mv_register_lncc(T, &u, &fixed, &moving, &o));
            else {
                mv_transform t = {0};
                t.kind = MEDVOL_TRANSFORM_BSPLINE, t.field = &coefficients;
                CHECK_OK(mv_register_bspline(T, &coefficients, &fixed, &moving, &b));
                CHECK_OK(mv_transform_field(T, &u, &fixed, &t, 1));
            }
            if (turn == 0) first = u, memset(&u, 0, sizeof u);
            for (i = 0; turn && i < N; i++)
                for (r = 0; r < 2; r++) {
                    const float *v = (const float *)first.data + i, *w = (const float *)u.data + i;
                    const double want = m[2 * r] * (double)v[0] + m[2 * r + 1] * (double)v[N];
                    most = fmax(most, fabs(want - (double)w[r * N]));
                }
            if (!CHECK(most < 1e-4))
                fprintf(stderr, "  spline %d turned by %g: off by %g mm\n", spline, a, most);
            mv_volume_free(T, &fixed), mv_volume_free(T, &moving);
            mv_volume_free(T, &u), mv_volume_free(T, &coefficients);
        }
        mv_volume_free(T, &first);
    }
}
/* Planes turned about x: what that rounds leads out of world x and y, by less than anything that is seen. */
static void rounded(void) {
    mv_register_lncc_opt o = {0};
    mv_register_report rep;
    mv_volume u[2] = {{0}}, w[2] = {{0}}, shown = {0};
    mv_transform t;
    pair p;
    int k;
    pair_make(&p, 1, 0, 0);
    o.control.iterations = o.control.levels = 2, o.control.report = &rep;
    for (k = 0; k < 2; k++) {
        o.inverse = &w[k];
        CHECK_OK(mv_register_lncc(T, &u[k], &p.fixed, &p.moving, &o));
        p.fixed.affine[6] = p.moving.affine[9] = -6e-17, p.fixed.affine[9] = p.moving.affine[6] = 6e-17;
    }
    CHECK(u[1].affine[9] == p.fixed.affine[9]);
    CHECK(greatest(&u[0], &u[1]) < 1e-6 && greatest(&w[0], &w[1]) < 1e-6);
    memset(&t, 0, sizeof t);
    t.kind = MEDVOL_TRANSFORM_FIELD, t.field = &u[1];
    CHECK_OK(mv_warp(T, &shown, &p.moving, &p.fixed, &t, 1, NULL));
    p.fixed.affine[9] = 1e-8; /* that is a turn */
    CHECK_STATUS(mv_register_lncc(T, &u[0], &p.fixed, &p.moving, &o), MEDVOL_E_SHAPE);
    for (k = 0; k < 2; k++) mv_volume_free(T, &u[k]), mv_volume_free(T, &w[k]);
    mv_volume_free(T, &shown);
    pair_free(&p);
}
const t_case tests_lnccmodes[] = {{"force", force, 0}, {"modes", modes, 0}, {"planes", planes, 0},
    {"descents", descents, T_ONCE}, {"swapped", swapped, 0}, {"starts", starts, T_ONCE},
    {"ended", ended, T_ONCE}, {"turned", turned, 0}, {"rounded", rounded, 0}, {"rest", rest, T_ONCE},
    {"memory", memory, T_ONCE}, {"refused", refused, T_ONCE}, {0}};
