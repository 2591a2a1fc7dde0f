/* test_cuda_deform.cpp - [DEFORM] of medvol_cuda.h beside medvol.h: the same fields nearly, the same reports, geometry
   and statuses; deformations that are known are found. */
#include "cuda_test.h"

/* ---- images: some waves, seen through a smooth displacement of `much` voxels ---- */
typedef struct scene {
    size_t n[3];
    double affine[12];
    int flat;
} scene;
static double texture(double x, double y, double z) {
    return 100.0 + 40.0 * sin(0.55 * x + 0.2 * y) * cos(0.4 * y - 0.1 * z) + 25.0 * sin(0.35 * z + 0.5 * x * 0.7) +
           15.0 * cos(0.8 * y + 0.3 * x + 0.6 * z);
}
static double bend(int axis, double x, double y, double z, double much) {
    const double a = 2.0 * sin(0.13 * x + 1.0 + axis), b = cos(0.11 * y + 0.7 * axis), c = cos(0.12 * z - 0.4 * axis);
    return 0.5 * much * a * b * c;
}
static void paint(mv_volume *v, const scene *s, double much) {
    size_t x, y, z;
    float *p;
    CHECK_STATUS(mv_volume_alloc(&cpu, v, MEDVOL_F32, s->flat ? 2 : 3, s->n), MEDVOL_OK);
    memcpy(v->affine, s->affine, sizeof v->affine);
    p = (float *)v->data;
    for (z = 0; z < (s->flat ? 1 : s->n[2]); z++)
        for (y = 0; y < s->n[1]; y++)
            for (x = 0; x < s->n[0]; x++) {
                const double a = (double)x, b = (double)y, c = (double)z;
                *p++ = (float)texture(a + bend(0, a, b, c, much), b + bend(1, a, b, c, much),
                                      s->flat ? 0.0 : c + bend(2, a, b, c, much));
            }
}
static void up(mv_cuda_volume *d, const mv_volume *h) {
    memset(d, 0, sizeof *d);
    CHECK_SETTLED(mv_cuda_upload(&gpu, d, h, h->dtype, NULL), MEDVOL_OK);
}
static void down(mv_volume *h, const mv_cuda_volume *d) {
    memset(h, 0, sizeof *h);
    CHECK_SETTLED(mv_cuda_download(&gpu, h, d, MEDVOL_F32, NULL), MEDVOL_OK);
    keep(h->data, mv_volume_count(h) * 4);
}
/* the largest difference of two fields in voxels of the least spacing; share: a mean instead */
static double apart(const mv_volume *a, const mv_volume *b, double *mean) {
    const size_t n = a->dim[0] * a->dim[1] * a->dim[2], comps = a->dim[4];
    double s[3], most = 0.0, sum = 0.0, least;
    size_t i, c;
    if (a->ndim != b->ndim || memcmp(a->dim, b->dim, sizeof a->dim) || a->dtype != b->dtype) return 1e9;
    mv_affine_spacing(s, a->affine);
    least = s[0] < s[1] ? s[0] : s[1];
    if (comps == 3 && s[2] < least) least = s[2];
    for (i = 0; i < n; i++) {
        double d = 0.0;
        for (c = 0; c < comps; c++) {
            const double e = (double)((const float *)a->data)[c * n + i] - (double)((const float *)b->data)[c * n + i];
            d += e * e;
        }
        d = sqrt(d) / least;
        sum += d;
        if (!(d <= most)) most = d;
    }
    if (mean) *mean = sum / (double)n;
    return most;
}
static void alike(const mv_register_report *a, const mv_register_report *b, double tolerance, int line) {
    int k;
    check(a->levels == b->levels && a->level == b->level, "levels", line);
    check(a->stop == b->stop, "stop", line);
    for (k = 0; k < a->levels; k++) check(a->iterations[k] == b->iterations[k], "iterations", line);
    check(fabs(a->first - b->first) <= tolerance * (fabs(a->first) + 1e-9), "first", line);
    check(fabs(a->energy - b->energy) <= tolerance * (fabs(a->energy) + 1e-9), "energy", line);
    check(fabs(a->update - b->update) <= 10 * tolerance * (fabs(a->update) + 1e-9), "update", line);
    check(a->folded == b->folded, "folded", line);
}
typedef struct pair {
    mv_volume fixed, moving, mask;
    mv_cuda_volume dfixed, dmoving, dmask;
} pair;
static void pair_make(pair *p, const scene *f, const scene *m, double much) {
    memset(p, 0, sizeof *p);
    paint(&p->fixed, f, much);
    paint(&p->moving, m, 0.0);
    up(&p->dfixed, &p->fixed);
    up(&p->dmoving, &p->moving);
}
static void pair_free(pair *p) {
    mv_volume_free(&cpu, &p->fixed), mv_volume_free(&cpu, &p->moving), mv_volume_free(&cpu, &p->mask);
    mv_cuda_volume_free(&gpu, &p->dfixed), mv_cuda_volume_free(&gpu, &p->dmoving);
    mv_cuda_volume_free(&gpu, &p->dmask);
}
enum { OUTS = 3 };
/* Result k of both, which are released */
static void compare(mv_cuda_volume *d, mv_volume *h, const mv_register_report *a, const mv_register_report *b, int k,
                    double tolerance, int line) {
    mv_volume got;
    double mean = 0.0, most;
    down(&got, d);
    most = apart(&got, h, &mean);
    if (getenv("DEFORM_SHOW") && order_now == 0)
        printf("line %d %s result %d: most %.5f mean %.6f energy %.5f %.5f update %.4f %.4f it %d %d folded %d %d\n", line,
               about, k, most, mean, a->energy, b->energy, a->update, b->update, a->iterations[0], b->iterations[0],
               (int)a->folded, (int)b->folded);
    check(most <= tolerance, "fields agree", line);
    check(!memcmp(got.affine, h->affine, sizeof got.affine), "affine", line);
    mv_volume_free(&cpu, &got), mv_volume_free(&cpu, h);
    mv_cuda_volume_free(&gpu, d);
}
/* One registration by both; all results compared. */
template <class O, class C, class G>
static void registered(pair *p, O o, int outs, double tolerance, C on_cpu, G on_gpu, int line) {
    O g = o;
    mv_register_report a, b;
    mv_volume h[OUTS];
    mv_cuda_volume d[OUTS];
    int k;
    memset(h, 0, sizeof h), memset(d, 0, sizeof d);
    memset(&a, 0, sizeof a), memset(&b, 0, sizeof b);
    o.control.report = &a, g.control.report = &b;
    if (p->mask.data) o.fixed_mask = &p->mask, g.fixed_mask = &p->dmask;
    if (outs > 1) o.inverse = &h[1], g.inverse = &d[1];
    if (outs > 2) o.velocity = &h[2], g.velocity = &d[2];
    CHECK_STATUS(on_cpu(&cpu, &h[0], &p->fixed, &p->moving, &o), MEDVOL_OK);
    settled_at(on_gpu(&gpu, &d[0], &p->dfixed, &p->dmoving, &g), MEDVOL_OK, __FILE__, line);
    alike(&b, &a, 2e-3, line);
    for (k = 0; k < outs; k++) compare(&d[k], &h[k], &a, &b, k, tolerance, line);
}
static void lncc(pair *p, mv_register_lncc_opt o, int outs, double tolerance, int line) {
    registered(p, o, outs, tolerance, mv_register_lncc, mv_cuda_register_lncc, line);
}
static void demons(pair *p, mv_register_demons_opt o, int outs, double tolerance, int line) {
    registered(p, o, outs, tolerance, mv_register_demons, mv_cuda_register_demons, line);
}
/* ---- all modes and descents. Where a start meets voxels of the other image exactly, the slope of what is linear
   between them has two values, and rounding decides: numbers are uneven. ---- */
static const double start[12] = {1.0213, 0.0117, 0, -0.5271, -0.0132, 0.9917, 0, 0.4137, 0, 0, 1, 0},
                    deeper[12] = {1.0213, 0.0117, 0.0081, -0.5271, -0.0132, 0.9917, 0.0051, 0.4137, 0.0073, 0.0043, 1.0119, 0.2913};
static const scene cube = {{37, 34, 33}, {1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0}, 0},
                   small = {{24, 21, 18}, {1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0}, 0},
                   tilted = {{25, 33, 17}, {1.5, 0.2, -0.1, -20, -0.3, 1.1, 0.15, 12, 0.1, -0.2, 2.4, 5}, 0},
                   turned = {{25, 27, 20}, {1.4, 0.1, -0.1, -19, -0.2, 1.2, 0.25, 11, 0.2, -0.1, 2.1, 4}, 0},
                   mirror = {{20, 22, 19}, {-1, 0, 0, 19, 0, 1, 0, 0, 0, 0, 1.3, 0}, 0},
                   sheet = {{61, 47, 1}, {1.2, 0.1, 0, 3, -0.1, 0.9, 0, -2, 0, 0, 1, 0}, 1},
                   other = {{55, 52, 1}, {1.3, 0, 0, 3, 0, 0.9, 0, -3, 0, 0, 1, 2}, 1},
                   leaning = {{61, 47, 1}, {1.2, 0.1, 0, 3, -0.1, 0.9, 6e-17, -2, 0, -6e-17, 1, 0}, 1}; /* as turning rounds */
static void test_greedy(void) {
    mv_register_lncc_opt o;
    pair p;
    int i;
    pair_make(&p, &cube, &cube, 1.5);
    for (i = 0; i < 2; i++) {
        memset(&o, 0, sizeof o);
        o.full = i;
        o.control.iterations = 2;
        o.control.levels = 2;
        snprintf(about, sizeof about, "full %d", i);
        lncc(&p, o, 1 + i, 0.005, __LINE__);
    }
    pair_free(&p);
}
static void test_descents(void) {
    mv_register_lncc_opt o;
    pair p;
    int i;
    pair_make(&p, &small, &small, 1.5);
    for (i = 0; i < 12; i++) {
        memset(&o, 0, sizeof o);
        o.full = i & 1;
        o.descent = (mv_descent)(i / 2 % 3);
        o.radius = 1 + i % 8;
        o.mode = i / 6 ? MEDVOL_LNCC_VELOCITY : MEDVOL_LNCC_GREEDY;
        o.control.iterations = 2;
        o.control.levels = 1;
        if (i % 4 == 3) o.momentum = -1.0, o.sigma_field = -1.0;
        snprintf(about, sizeof about, "full %d descent %d radius %d mode %d", o.full, (int)o.descent, o.radius,
                 (int)o.mode);
        lncc(&p, o, o.mode == MEDVOL_LNCC_VELOCITY ? 3 : 1, 0.02, __LINE__);
    }
    pair_free(&p);
}
static void test_symmetric(void) {
    mv_register_lncc_opt o;
    pair p;
    int i;
    for (i = 0; i < 6; i++) {
        pair_make(&p, i == 5 ? &sheet : &small, i == 5 ? &other : &small, 1.5);
        memset(&o, 0, sizeof o);
        o.full = i & 1;
        o.radius = i < 3 ? i : 2 * i - 2;
        o.mode = MEDVOL_LNCC_SYMMETRIC;
        if (i == 5) o.start = start;
        o.control.iterations = 2;
        o.control.levels = i == 0 ? 2 : 1;
        snprintf(about, sizeof about, "full %d radius %d %s", o.full, o.radius, i == 5 ? "flat" : "");
        lncc(&p, o, 2, 0.02, __LINE__);
        pair_free(&p);
    }
}
/* ---- grids that differ, are oblique, anisotropic, left-handed; a start; planes ---- */
static void test_geometry(void) {
    static const scene *const f[] = {&tilted, &mirror, &sheet, &small, &leaning},
                             *const m[] = {&turned, &small, &other, &tilted, &other};
    mv_register_lncc_opt o;
    mv_register_demons_opt q;
    pair p;
    int i;
    for (i = 0; i < 5; i++) {
        pair_make(&p, f[i], m[i], 1.0);
        memset(&o, 0, sizeof o);
        memset(&q, 0, sizeof q);
        q.variant = (mv_demons)(i & 1), o.full = i & 1;
        o.start = q.start = f[i]->n[2] == 1 ? start : deeper;
        o.control.iterations = q.control.iterations = 2;
        o.control.levels = q.control.levels = 2;
        snprintf(about, sizeof about, "grid %d", i);
        lncc(&p, o, 2, 0.02, __LINE__);
        demons(&p, q, 1, 0.02, __LINE__);
        pair_free(&p);
    }
}
/* Images on one grid, which is turned: noise has another gradient on either side of a voxel, and that the map from
   grid to grid is off by what rounds must not tell which. The field turns with the grid. */
static void test_turned(void) {
    static const scene straight = {{40, 36, 1}, {1.1, 0, 0, 2.5, 0, 0.9, 0, -3.25, 0, 0, 1, 0}, 1};
    const size_t n = straight.n[0] * straight.n[1];
    mv_register_lncc_opt o;
    mv_volume f[9];
    pair p;
    size_t i;
    int turn, r, c;
    memset(&o, 0, sizeof o);
    o.control.levels = o.control.iterations = 1;
    for (turn = 0; turn < 9; turn++) {
        const double a = 0.1 * turn, m[4] = {cos(a), -sin(a), sin(a), cos(a)};
        scene s = straight;
        mv_cuda_volume d;
        double most = 0.0;
        for (r = 0; r < 2; r++)
            for (c = 0; c < 4; c++)
                s.affine[4 * r + c] = m[2 * r] * straight.affine[c] + m[2 * r + 1] * straight.affine[4 + c];
        pair_make(&p, &s, &s, 0.6);
        seed = 7;
        for (i = 0; i < n; i++) {
            ((float *)p.fixed.data)[i] += (float)(8.0 * uniform());
            ((float *)p.moving.data)[i] += (float)(8.0 * uniform());
        }
        CHECK_SETTLED(mv_cuda_upload(&gpu, &p.dfixed, &p.fixed, MEDVOL_F32, NULL), MEDVOL_OK);
        CHECK_SETTLED(mv_cuda_upload(&gpu, &p.dmoving, &p.moving, MEDVOL_F32, NULL), MEDVOL_OK);
        memset(&d, 0, sizeof d);
        CHECK_SETTLED(mv_cuda_register_lncc(&gpu, &d, &p.dfixed, &p.dmoving, &o), MEDVOL_OK);
        down(&f[turn], &d);
        for (i = 0; i < n; i++) {
            const float *u = (const float *)f[0].data + i, *v = (const float *)f[turn].data + i;
            for (r = 0; r < 2; r++) most = fmax(most, fabs(m[2 * r] * (double)u[0] + m[2 * r + 1] * (double)u[n] -
                                                           (double)v[(size_t)r * n]));
        }
        snprintf(about, sizeof about, "turned by %g, off by %g", a, most);
        CHECK(most < 0.01);
        mv_cuda_volume_free(&gpu, &d);
        pair_free(&p);
    }
    for (turn = 0; turn < 9; turn++) mv_volume_free(&cpu, &f[turn]);
}
/* ---- masks, holes ---- */
static void spoil(pair *p, const scene *s, int mask, int holes) {
    size_t i, n;
    mv_cuda_volume_free(&gpu, &p->dmoving);
    mv_cuda_volume_free(&gpu, &p->dfixed);
    n = mv_volume_count(&p->moving);
    for (i = 0; i < n && holes; i++) if ((i / 7 + i / 501) % 97 == 3) ((float *)p->moving.data)[i] = NAN;
    n = mv_volume_count(&p->fixed);
    for (i = 0; i < n && holes > 1; i++) if ((i / 5 + i / 307) % 89 == 2) ((float *)p->fixed.data)[i] = INFINITY;
    up(&p->dmoving, &p->moving);
    up(&p->dfixed, &p->fixed);
    if (!mask) return;
    CHECK_STATUS(mv_volume_alloc(&cpu, &p->mask, MEDVOL_U8, p->fixed.ndim, p->fixed.dim), MEDVOL_OK);
    for (i = 0; i < n; i++) ((unsigned char *)p->mask.data)[i] = i % s->n[0] < s->n[0] / 3 ? 0 : 1 + (i / 40) % 2;
    up(&p->dmask, &p->mask);
}
static void test_masks(void) {
    mv_register_lncc_opt o;
    mv_register_demons_opt q;
    pair p;
    int i;
    for (i = 0; i < 4; i++) {
        pair_make(&p, &small, i == 2 ? &cube : &small, 1.0);
        spoil(&p, &small, i != 1, i);
        memset(&o, 0, sizeof o);
        memset(&q, 0, sizeof q);
        q.variant = i == 3 ? MEDVOL_DEMONS_LOG : (mv_demons)i;
        o.mode = i == 1 || i == 3 ? MEDVOL_LNCC_SYMMETRIC : MEDVOL_LNCC_GREEDY;
        o.full = i / 2;
        o.control.iterations = q.control.iterations = 2;
        o.control.levels = q.control.levels = 1;
        snprintf(about, sizeof about, "spoilt %d", i);
        lncc(&p, o, 1, 0.02, __LINE__);
        demons(&p, q, 1, 0.02, __LINE__);
        pair_free(&p);
    }
}
static void test_demons(void) {
    mv_register_demons_opt o;
    pair p;
    int i;
    for (i = 0; i < 8; i++) {
        pair_make(&p, i == 7 ? &sheet : &cube, i == 7 ? &sheet : &cube, 1.5);
        memset(&o, 0, sizeof o);
        o.variant = (mv_demons)(i % 4);
        if (i >= 4) o.momentum = -1.0, o.sigma_update = 1.5, o.step = 1.0 + i, o.threshold = i == 4 ? -1.0 : 1e-3;
        if (i == 6) o.sigma_field = -1.0;
        o.control.iterations = i == 7 ? 3 : 1;
        o.control.levels = 2;
        snprintf(about, sizeof about, "variant %d, %d", i % 4, i);
        demons(&p, o, i % 4 == 3 ? 3 : i == 0 ? 2 : 1, 0.01, __LINE__);
        pair_free(&p);
    }
}
/* ---- forces and energies beside plain code in double: one step without smoothing ---- */
static double at(const mv_volume *v, int x, int y, int z) {
    return (double)((const float *)v->data)[((size_t)z * v->dim[1] + (size_t)y) * v->dim[0] + (size_t)x];
}
typedef struct sums { double f, w, ff, ww, fw, n, a, b, c; } sums;
static void plain_lncc(const pair *p, int radius, double *energy, double *force) {
    const int n[3] = {(int)p->fixed.dim[0], (int)p->fixed.dim[1], (int)p->fixed.dim[2]};
    const size_t count = mv_volume_count(&p->fixed);
    sums *s = (sums *)calloc(count, sizeof *s);
    double mean[2] = {0, 0}, e = 0.0, windows = 0.0;
    int x, y, z, i, j, k;
    size_t o;
    for (o = 0; o < count; o++)
        mean[0] += (double)((float *)p->fixed.data)[o] / (double)count,
            mean[1] += (double)((float *)p->moving.data)[o] / (double)count;
#define EACH(x, y, z) for (z = 0; z < n[2]; z++) for (y = 0; y < n[1]; y++) for (x = 0; x < n[0]; x++)
#define NEAR(i, j, k)                                                                                              \
    for (k = z - radius; k <= z + radius; k++) for (j = y - radius; j <= y + radius; j++)                           \
        for (i = x - radius; i <= x + radius; i++)                                                                 \
            if (i >= 0 && j >= 0 && k >= 0 && i < n[0] && j < n[1] && k < n[2])
    o = 0;
    EACH(x, y, z) {
        sums *q = &s[o++];
        double ff, ww, fw;
        NEAR(i, j, k) {
            const double f = at(&p->fixed, i, j, k) - mean[0], w = at(&p->moving, i, j, k) - mean[1];
            q->f += f, q->w += w, q->ff += f * f, q->ww += w * w, q->fw += f * w, q->n += 1.0;
        }
        ff = q->ff - q->f * q->f / q->n, ww = q->ww - q->w * q->w / q->n, fw = q->fw - q->f * q->w / q->n;
        q->a = 2 * fw / (ff * ww), q->b = q->a * fw / ww, q->c = (q->a * q->f - q->b * q->w) / q->n;
        e += fw * fw / (ff * ww), windows += 1.0;
    }
    *energy = 1.0 - e / windows;
    o = 0;
    EACH(x, y, z) {
        double a = 0, b = 0, c = 0, d;
        int r, to[3] = {x, y, z};
        NEAR(i, j, k) {
            const sums *q = &s[((size_t)k * (size_t)n[1] + (size_t)j) * (size_t)n[0] + (size_t)i];
            a += q->a, b += q->b, c += q->c;
        }
        d = (at(&p->fixed, x, y, z) - mean[0]) * a - ((at(&p->moving, x, y, z) - mean[1]) * b + c);
        for (r = 0; r < 3; r++) { /* to the next voxel, at the last one from the one before */
            int up[3] = {x, y, z};
            up[r] = to[r] + 1 < n[r] ? to[r] + 1 : to[r];
            to[r] = up[r] - 1;
            force[(size_t)r * count + o] = d * (at(&p->moving, up[0], up[1], up[2]) - at(&p->moving, to[0], to[1], to[2]));
            to[r] = r == 0 ? x : r == 1 ? y : z;
        }
        o++;
    }
    free(s);
}
static double longest(const double *f, size_t n) {
    double most = 0.0;
    size_t i;
    for (i = 0; i < n; i++) most = fmax(most, sqrt(f[i] * f[i] + f[n + i] * f[n + i] + f[2 * n + i] * f[2 * n + i]));
    return most;
}
static void test_force(void) {
    static const scene a = {{21, 14, 11}, {1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0}, 0};
    const size_t n = 21 * 14 * 11;
    double *want = (double *)malloc(3 * n * sizeof *want), energy = 0.0, most, worst = 0.0;
    mv_register_report rep;
    mv_register_lncc_opt o;
    mv_cuda_volume d;
    mv_volume got;
    pair p;
    size_t i;
    int radius;
    pair_make(&p, &a, &a, 1.5);
    for (radius = 1; radius <= 5; radius += 2) {
        memset(&o, 0, sizeof o), memset(&d, 0, sizeof d), memset(&rep, 0, sizeof rep);
        o.descent = MEDVOL_DESCENT_GRADIENT;
        o.sigma_update = o.sigma_field = -1.0;
        o.full = 1, o.radius = radius;
        o.control.levels = o.control.iterations = 1;
        o.control.report = &rep;
        CHECK_SETTLED(mv_cuda_register_lncc(&gpu, &d, &p.dfixed, &p.dmoving, &o), MEDVOL_OK);
        down(&got, &d);
        plain_lncc(&p, radius, &energy, want);
        most = longest(want, n);
        for (i = 0, worst = 0.0; i < 3 * n; i++)
            worst = fmax(worst, fabs((double)((float *)got.data)[i] - want[i] / most));
        snprintf(about, sizeof about, "radius %d: %g, energy %g %g", radius, worst, rep.energy, energy);
        CHECK(worst < 1e-3);
        CHECK(fabs(rep.energy - energy) < 1e-5);
        CHECK(rep.iterations[0] == 1 && rep.stop == MEDVOL_STOP_ITERATIONS);
        mv_volume_free(&cpu, &got);
        mv_cuda_volume_free(&gpu, &d);
    }
    pair_free(&p);
    free(want);
}
/* CLASSIC: -(W - F) J / (|J|^2 + (W - F)^2 / (4 step^2)), mm */
static void test_push(void) {
    static const scene a = {{21, 35, 11}, {1.5, 0, 0, 0, 0, 1.25, 0, 0, 0, 0, 2, 0}, 0};
    static const double h[3] = {1.5, 1.25, 2.0};
    mv_register_demons_opt o;
    mv_register_report rep;
    mv_cuda_volume d;
    mv_volume got;
    double worst = 0.0, e = 0.0;
    pair p;
    int x, y, z, r;
    memset(&o, 0, sizeof o), memset(&d, 0, sizeof d), memset(&rep, 0, sizeof rep);
    pair_make(&p, &a, &a, 1.0);
    o.variant = MEDVOL_DEMONS_CLASSIC;
    o.step = 1.5;
    o.sigma_update = o.sigma_field = o.momentum = -1.0;
    o.control.levels = o.control.iterations = 1;
    o.control.report = &rep;
    CHECK_SETTLED(mv_cuda_register_demons(&gpu, &d, &p.dfixed, &p.dmoving, &o), MEDVOL_OK);
    down(&got, &d);
    for (z = 0; z < 11; z++) for (y = 0; y < 35; y++) for (x = 0; x < 21; x++) {
        const int n[3] = {21, 35, 11}, here[3] = {x, y, z};
        const double diff = at(&p.moving, x, y, z) - at(&p.fixed, x, y, z);
        double j[3], sum = 0.0;
        for (r = 0; r < 3; r++) {
            int up[3] = {x, y, z}, below[3] = {x, y, z};
            up[r] = here[r] + 1 < n[r] ? here[r] + 1 : here[r];
            below[r] = here[r] > 0 ? here[r] - 1 : 0;
            j[r] = (at(&p.fixed, up[0], up[1], up[2]) - at(&p.fixed, below[0], below[1], below[2])) /
                   ((up[r] - below[r]) * h[r]);
            sum += j[r] * j[r];
        }
        for (r = 0; r < 3; r++) {
            const double want = -diff * j[r] / (sum + diff * diff / (4.0 * 1.5 * 1.5 * 1.25 * 1.25));
            const float is = ((float *)got.data)[((size_t)(r * 11 + z) * 35 + (size_t)y) * 21 + (size_t)x];
            worst = fmax(worst, fabs(want - (double)is));
        }
        e += diff * diff / (21 * 35 * 11);
    }
    snprintf(about, sizeof about, "%g, energy %g %g", worst, rep.energy, e);
    CHECK(worst < 2e-4);
    CHECK(fabs(rep.energy - e) < 1e-5 * e);
    mv_volume_free(&cpu, &got);
    mv_cuda_volume_free(&gpu, &d);
    pair_free(&p);
}
/* ---- what is known is found: u itself, by default options ---- */
static void test_recover(void) {
    int i;
    if (emulated && emu_check()) return; /* the other parts had every access of these kernels looked at */
    for (i = 0; i < 5; i++) {
        double before = 0.0, after = 0.0;
        mv_register_lncc_opt o;
        mv_register_demons_opt q;
        mv_cuda_volume d;
        mv_volume got;
        pair p;
        size_t x, y, z, c, n = 0;
        memset(&o, 0, sizeof o), memset(&q, 0, sizeof q), memset(&d, 0, sizeof d);
        pair_make(&p, &cube, &cube, 1.8);
        o.control.iterations = q.control.iterations = 6;
        o.mode = (mv_lncc_mode)i;
        q.variant = i == 3 ? MEDVOL_DEMONS_DIFFEOMORPHIC : MEDVOL_DEMONS_LOG;
        snprintf(about, sizeof about, "known %d", i);
        if (i < 3) CHECK_SETTLED(mv_cuda_register_lncc(&gpu, &d, &p.dfixed, &p.dmoving, &o), MEDVOL_OK);
        else CHECK_SETTLED(mv_cuda_register_demons(&gpu, &d, &p.dfixed, &p.dmoving, &q), MEDVOL_OK);
        down(&got, &d);
        for (z = 5; z < 28; z++) for (y = 5; y < 29; y++) for (x = 5; x < 32; x++, n++)
            for (c = 0; c < 3; c++) {
                const double u = bend((int)c, (double)x, (double)y, (double)z, 1.8);
                const double e = (double)((float *)got.data)[((c * 33 + z) * 34 + y) * 37 + x] - u;
                before += u * u, after += e * e;
            }
        snprintf(about, sizeof about, "known %d: %.4f of %.4f voxels", i, sqrt(after / (double)n),
                 sqrt(before / (double)n));
        if (getenv("DEFORM_SHOW")) printf("%s\n", about);
        CHECK(after < before * 0.15 * 0.15);
        mv_volume_free(&cpu, &got);
        mv_cuda_volume_free(&gpu, &d);
        pair_free(&p);
    }
}
/* ---- images that change places ---- */
static void test_swap(void) {
    int i;
    for (i = 0; i < 2; i++) {
        mv_register_lncc_opt o;
        mv_cuda_volume d[4];
        mv_volume h[4];
        pair p;
        int k;
        memset(&o, 0, sizeof o), memset(d, 0, sizeof d);
        pair_make(&p, &small, &small, 1.5);
        o.mode = MEDVOL_LNCC_SYMMETRIC;
        o.full = i;
        o.control.iterations = 2, o.control.levels = 2;
        o.inverse = &d[1];
        CHECK_SETTLED(mv_cuda_register_lncc(&gpu, &d[0], &p.dfixed, &p.dmoving, &o), MEDVOL_OK);
        o.inverse = &d[2];
        CHECK_SETTLED(mv_cuda_register_lncc(&gpu, &d[3], &p.dmoving, &p.dfixed, &o), MEDVOL_OK);
        for (k = 0; k < 4; k++) down(&h[k], &d[k]);
        CHECK(apart(&h[0], &h[2], NULL) <= (emulated ? 0.0 : 1e-4));
        CHECK(apart(&h[1], &h[3], NULL) <= (emulated ? 0.0 : 1e-4));
        for (k = 0; k < 4; k++) mv_volume_free(&cpu, &h[k]), mv_cuda_volume_free(&gpu, &d[k]);
        pair_free(&p);
    }
}
/* ---- small and odd shapes, types, views, where results go ---- */
static void test_shapes(void) {
    static const scene s[] = {{{2, 2, 1}, {1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0}, 1},
                              {{5, 33, 1}, {1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0}, 1},
                              {{3, 2, 2}, {1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0}, 0},
                              {{65, 3, 5}, {1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0}, 0},
                              {{7, 17, 41}, {1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0}, 0},
                              {{31, 32, 2}, {1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0}, 0}};
    size_t i;
    for (i = 0; i < sizeof s / sizeof *s; i++) {
        mv_register_lncc_opt o;
        mv_register_demons_opt q;
        pair p;
        pair_make(&p, &s[i], &s[i], 0.7);
        memset(&o, 0, sizeof o), memset(&q, 0, sizeof q);
        o.full = (int)i & 1;
        o.descent = MEDVOL_DESCENT_GRADIENT;
        o.mode = i == 3 ? MEDVOL_LNCC_SYMMETRIC : MEDVOL_LNCC_GREEDY;
        q.variant = (mv_demons)(i % 4);
        o.control.iterations = q.control.iterations = 2;
        o.control.levels = q.control.levels = 1;
        snprintf(about, sizeof about, "shape %d", (int)i);
        lncc(&p, o, 1, 0.02, __LINE__);
        demons(&p, q, 1, 0.01, __LINE__);
        pair_free(&p);
    }
}
static void test_places(void) { /* results in views, images as scaled integers and in views */
    const size_t dim[5] = {24, 21, 18, 1, 3};
    mv_register_lncc_opt o;
    mv_register_demons_opt q;
    mv_volume h[2], got;
    twin fixed, moving, field, inverse;
    size_t i;
    pair p;
    memset(&o, 0, sizeof o), memset(&q, 0, sizeof q), memset(h, 0, sizeof h);
    pair_make(&p, &small, &small, 1.0);
    twin_make(&fixed, MEDVOL_I16, 3, dim, VIEW);
    twin_make(&moving, MEDVOL_F32, 3, dim, VIEW);
    twin_make(&field, MEDVOL_F32, 5, dim, VIEW);
    twin_make(&inverse, MEDVOL_F32, 5, dim, SHIFTED);
    i = 0;
    each(&fixed.host, [&](unsigned char *v) {
        const short x = (short)floor(((float *)p.fixed.data)[i++] * 10.0f);
        memcpy(v, &x, 2);
    });
    i = 0;
    each(&moving.host, [&](unsigned char *v) { memcpy(v, (float *)p.moving.data + i++, 4); });
    fixed.host.slope = fixed.device.slope = 0.1;
    send(&fixed), send(&moving);
    o.full = 1;
    o.control.iterations = q.control.iterations = 2;
    o.control.levels = q.control.levels = 1;
    for (i = 0; i < 2; i++) {
        mv_cuda_volume *const to = &field.device;
        memset(h, 0, sizeof h);
        snprintf(about, sizeof about, "views, %s", i ? "demons" : "lncc");
        o.inverse = q.inverse = &h[1];
        CHECK_STATUS(i ? mv_register_demons(&cpu, &h[0], &fixed.host, &moving.host, &q)
                       : mv_register_lncc(&cpu, &h[0], &fixed.host, &moving.host, &o), MEDVOL_OK);
        o.inverse = q.inverse = &inverse.device;
        CHECK_SETTLED(i ? mv_cuda_register_demons(&gpu, to, &fixed.device, &moving.device, &q)
                        : mv_cuda_register_lncc(&gpu, to, &fixed.device, &moving.device, &o), MEDVOL_OK);
        down(&got, &field.device);
        CHECK(apart(&got, &h[0], NULL) < 0.01);
        mv_volume_free(&cpu, &got);
        down(&got, &inverse.device);
        CHECK(apart(&got, &h[1], NULL) < 0.01);
        mv_volume_free(&cpu, &got);
        mv_volume_free(&cpu, &h[0]), mv_volume_free(&cpu, &h[1]);
    }
    { /* the gaps are as they were */
        unsigned char *all = (unsigned char *)malloc(field.bytes);
        size_t changed = 0;
        CHECK(dev_get(all, field.there, field.bytes));
        each(&field.host, [&](unsigned char *v) { memset(all + (v - field.block), 0, 4), memset(v, 0, 4); });
        for (i = 0; i < field.bytes; i++) changed += all[i] != field.block[i];
        CHECK(changed == 0);
        free(all);
    }
    twin_free(&fixed), twin_free(&moving), twin_free(&field), twin_free(&inverse);
    pair_free(&p);
}
/* A result may have more axes of 1, whether or not it is asked how much of it folds */
static void test_axes(void) {
    const size_t dim[7] = {26, 23, 1, 1, 2, 1, 1};
    static const scene flat = {{26, 23, 1}, {1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0}, 1};
    pair p;
    int i;
    pair_make(&p, &flat, &flat, 1.0);
    for (i = 0; i < 6; i++) {
        const int ndim = 5 + i / 2;
        mv_register_report a, b;
        mv_register_lncc_opt o;
        mv_register_demons_opt q;
        mv_volume got;
        twin t;
        memset(&o, 0, sizeof o), memset(&q, 0, sizeof q);
        o.control.iterations = q.control.iterations = 2;
        snprintf(about, sizeof about, "%s of %d axes", i % 2 ? "demons" : "lncc", ndim);
        twin_make(&t, MEDVOL_F32, ndim, dim, PLAIN);
        o.control.report = q.control.report = &a;
        CHECK_STATUS(i % 2 ? mv_register_demons(&cpu, &t.host, &p.fixed, &p.moving, &q)
                           : mv_register_lncc(&cpu, &t.host, &p.fixed, &p.moving, &o), MEDVOL_OK);
        o.control.report = q.control.report = &b;
        CHECK_SETTLED(i % 2 ? mv_cuda_register_demons(&gpu, &t.device, &p.dfixed, &p.dmoving, &q)
                            : mv_cuda_register_lncc(&gpu, &t.device, &p.dfixed, &p.dmoving, &o), MEDVOL_OK);
        down(&got, &t.device);
        CHECK(got.ndim == ndim && a.folded == b.folded && apart(&got, &t.host, NULL) < 0.01);
        mv_volume_free(&cpu, &got);
        twin_free(&t);
    }
    pair_free(&p);
}
/* ---- when it ends ---- */
typedef struct seen { int calls, stop_at; mv_register_step step[64]; } seen;
static int look(void *user, const mv_register_step *step) {
    seen *s = (seen *)user;
    if (emulated) emu_raise(600); /* as if it had asked too early whether a stream of its own is done */
    if (s->calls < 64) s->step[s->calls] = *step;
    return ++s->calls == s->stop_at;
}
/* How often the host waits: twice first (images are plain), then once in 10 iterations, and for a report */
static void test_waits(void) {
    static const int iterations[4] = {4, 10, 11, 17};
    pair p;
    pair_make(&p, &small, &small, 1.0);
    for (int k = 0; k < 16 && emulated; k++) {
        const int n = iterations[k % 4], demons = k / 4 % 2, report = k / 8, looks = 2 + (n + 9) / 10 + report;
        mv_register_lncc_opt o;
        mv_register_demons_opt q;
        mv_register_report rep;
        mv_cuda_volume d = {};
        memset(&o, 0, sizeof o), memset(&q, 0, sizeof q);
        mv_register_control *c = demons ? &q.control : &o.control;
        c->levels = 1, c->iterations = n, c->tolerance = 1e-12, c->report = report ? &rep : NULL;
        CHECK_STATUS(mv_cuda_sync(&gpu), MEDVOL_OK);
        const unsigned long long before = emu_waits();
        CHECK_STATUS(demons ? mv_cuda_register_demons(&gpu, &d, &p.dfixed, &p.dmoving, &q)
                            : mv_cuda_register_lncc(&gpu, &d, &p.dfixed, &p.dmoving, &o), MEDVOL_OK);
        const int waits = (int)(emu_waits() - before);
        snprintf(about, sizeof about, "%d iterations, demons %d, report %d: %d waits, %d", n, demons, report, waits, looks);
        CHECK(waits == looks);
        mv_cuda_volume_free(&gpu, &d);
    }
    pair_free(&p);
}
static void test_ends(void) {
    int i, k;
    pair p;
    pair_make(&p, &small, &small, 1.0);
    for (i = 0; i < 10; i++) {
        mv_register_lncc_opt o;
        mv_register_demons_opt q;
        seen a, b;
        memset(&o, 0, sizeof o), memset(&q, 0, sizeof q), memset(&a, 0, sizeof a), memset(&b, 0, sizeof b);
        mv_register_control *c = i % 2 ? &q.control : &o.control;
        o.radius = 1, q.sigma_update = 1.0;
        c->levels = i > 7 ? 2 : 1;
        c->iterations = i < 4 ? 14 : 3;
        if (i < 2) c->tolerance = 0.3;
        else if (i < 4) c->slope = 0.05;
        snprintf(about, sizeof about, "end %d", i);
        if (i > 3) {
            c->step = look;
            a.stop_at = b.stop_at = i > 7 ? 4 : i > 5 ? 2 : 0;
            if (i % 2) { /* both with the same results */
                mv_register_demons_opt g = q;
                mv_volume h = {}, got;
                mv_cuda_volume d = {};
                q.control.user = &a, g.control.user = &b;
                CHECK_STATUS(mv_register_demons(&cpu, &h, &p.fixed, &p.moving, &q), MEDVOL_OK);
                CHECK_SETTLED(mv_cuda_register_demons(&gpu, &d, &p.dfixed, &p.dmoving, &g), MEDVOL_OK);
                down(&got, &d);
                CHECK(apart(&got, &h, NULL) < 0.01);
                mv_volume_free(&cpu, &h), mv_volume_free(&cpu, &got), mv_cuda_volume_free(&gpu, &d);
            } else {
                mv_register_lncc_opt g = o;
                mv_volume h = {}, got;
                mv_cuda_volume d = {};
                o.control.user = &a, g.control.user = &b;
                CHECK_STATUS(mv_register_lncc(&cpu, &h, &p.fixed, &p.moving, &o), MEDVOL_OK);
                CHECK_SETTLED(mv_cuda_register_lncc(&gpu, &d, &p.dfixed, &p.dmoving, &g), MEDVOL_OK);
                down(&got, &d);
                CHECK(apart(&got, &h, NULL) < 0.01);
                mv_volume_free(&cpu, &h), mv_volume_free(&cpu, &got), mv_cuda_volume_free(&gpu, &d);
            }
            CHECK(a.calls == b.calls && a.calls > 0);
            for (k = 0; k < a.calls && k < b.calls; k++) {
                CHECK(a.step[k].level == b.step[k].level && a.step[k].iteration == b.step[k].iteration);
                CHECK(fabs(a.step[k].energy - b.step[k].energy) < 1e-3 * fabs(a.step[k].energy));
                CHECK(fabs(a.step[k].update - b.step[k].update) < 1e-2);
            }
        } else if (i % 2) demons(&p, q, 1, 0.02, __LINE__);
        else lncc(&p, o, 1, 0.02, __LINE__);
    }
    { /* time that has passed already */
        mv_register_report rep;
        mv_register_lncc_opt o;
        mv_cuda_volume d = {};
        memset(&o, 0, sizeof o);
        o.control.seconds = 1e-9;
        o.control.report = &rep;
        o.control.levels = 2, o.control.iterations = 2;
        CHECK_SETTLED(mv_cuda_register_lncc(&gpu, &d, &p.dfixed, &p.dmoving, &o), MEDVOL_OK);
        CHECK(rep.stop == MEDVOL_STOP_TIME && rep.level == 1 && d.dim[0] == 24 && rep.iterations[0] == 0);
        mv_cuda_volume_free(&gpu, &d);
    }
    pair_free(&p);
}
/* ---- what is refused, with medvol.h's status ---- */
static void test_refused(void) {
    static const double bad[12] = {1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0}, nan[12] = {1, 0, 0, NAN, 0, 1, 0, 0, 0, 0, 1, 0};
    mv_volume flat, complex, still, thin, hf, hm, out = {}, wrong;
    mv_cuda_volume dflat, dcomplex, dstill, dthin, dout = {}, dwrong;
    size_t dim[3] = {12, 11, 1}, one[3] = {1, 9, 9};
    pair p;
    int i;
    pair_make(&p, &small, &small, 1.0);
    CHECK_STATUS(mv_volume_alloc(&cpu, &flat, MEDVOL_F32, 2, dim), MEDVOL_OK);
    CHECK_STATUS(mv_volume_alloc(&cpu, &complex, MEDVOL_C64, 3, p.fixed.dim), MEDVOL_OK);
    CHECK_STATUS(mv_volume_alloc(&cpu, &still, MEDVOL_F32, 3, p.fixed.dim), MEDVOL_OK);
    CHECK_STATUS(mv_volume_alloc(&cpu, &thin, MEDVOL_F32, 3, one), MEDVOL_OK);
    CHECK_STATUS(mv_volume_alloc(&cpu, &wrong, MEDVOL_F32, 3, p.fixed.dim), MEDVOL_OK);
    memset(flat.data, 0, mv_volume_count(&flat) * 4), memset(still.data, 0, mv_volume_count(&still) * 4);
    memset(thin.data, 0, mv_volume_count(&thin) * 4), memset(complex.data, 0, mv_volume_count(&complex) * 8);
    memset(wrong.data, 0, mv_volume_count(&wrong) * 4);
    up(&dflat, &flat), up(&dcomplex, &complex), up(&dstill, &still), up(&dthin, &thin), up(&dwrong, &wrong);
#define NO(LNCC, FIX, MOV, DFIX, DMOV, TO, DTO, CHANGE)                                                            \
    do {                                                                                                           \
        mv_status want;                                                                                            \
        mv_register_lncc_opt lo, lg;                                                                               \
        mv_register_demons_opt qo, qg;                                                                             \
        memset(&lo, 0, sizeof lo), memset(&qo, 0, sizeof qo);                                                      \
        for (i = 0; i < 2; i++) {                                                                                  \
            const int host = i == 0;                                                                               \
            mv_register_lncc_opt &o = lo;                                                                          \
            mv_register_demons_opt &q = qo;                                                                        \
            (void)o, (void)q, (void)host;                                                                          \
            CHANGE;                                                                                                \
            if (host) lg = lo, qg = qo, memset(&lo, 0, sizeof lo), memset(&qo, 0, sizeof qo);                      \
        }                                                                                                          \
        snprintf(about, sizeof about, "%s", #CHANGE " " #FIX " " #MOV " " #TO);                                    \
        want = (LNCC) ? mv_register_lncc(&cpu, TO, FIX, MOV, &lg) : mv_register_demons(&cpu, TO, FIX, MOV, &qg);   \
        CHECK(want < 0);                                                                                           \
        CHECK_STATUS((LNCC) ? mv_cuda_register_lncc(&gpu, DTO, DFIX, DMOV, &lo)                                    \
                            : mv_cuda_register_demons(&gpu, DTO, DFIX, DMOV, &qo), want);                          \
        CHECK(dout.data == NULL && mv_cuda_message(&gpu)[0] != 0);                                                 \
    } while (0)
#define BOTH(CHANGE)                                                                                               \
    NO(1, &p.fixed, &p.moving, &p.dfixed, &p.dmoving, &out, &dout, CHANGE);                                        \
    NO(0, &p.fixed, &p.moving, &p.dfixed, &p.dmoving, &out, &dout, CHANGE)
    NO(1, &p.fixed, &p.moving, &p.dfixed, &p.dmoving, NULL, NULL, (void)0);
    NO(0, &p.fixed, &p.moving, &p.dfixed, &p.dmoving, NULL, NULL, (void)0);
    NO(1, NULL, &p.moving, NULL, &p.dmoving, &out, &dout, (void)0);
    NO(0, &p.fixed, NULL, &p.dfixed, NULL, &out, &dout, (void)0);
    NO(1, &flat, &p.moving, &dflat, &p.dmoving, &out, &dout, (void)0);
    NO(0, &p.fixed, &flat, &p.dfixed, &dflat, &out, &dout, (void)0);
    NO(1, &complex, &p.moving, &dcomplex, &p.dmoving, &out, &dout, (void)0);
    NO(0, &p.fixed, &complex, &p.dfixed, &dcomplex, &out, &dout, (void)0);
    NO(1, &still, &p.moving, &dstill, &p.dmoving, &out, &dout, (void)0);
    NO(0, &p.fixed, &still, &p.dfixed, &dstill, &out, &dout, (void)0);
    NO(1, &thin, &p.moving, &dthin, &p.dmoving, &out, &dout, (void)0);
    NO(0, &p.fixed, &thin, &p.dfixed, &dthin, &out, &dout, (void)0);
    NO(1, &p.fixed, &p.moving, &p.dfixed, &p.dmoving, &p.fixed, &p.dfixed, (void)0);
    NO(0, &p.fixed, &p.moving, &p.dfixed, &p.dmoving, &p.moving, &p.dmoving, (void)0);
    NO(1, &p.fixed, &p.moving, &p.dfixed, &p.dmoving, &wrong, &dwrong, (void)0);
    NO(0, &p.fixed, &p.moving, &p.dfixed, &p.dmoving, &wrong, &dwrong, (void)0);
    NO(1, &p.fixed, &p.moving, &p.dfixed, &p.dmoving, &out, &dout, o.radius = 9);
    NO(1, &p.fixed, &p.moving, &p.dfixed, &p.dmoving, &out, &dout, o.descent = (mv_descent)7);
    NO(1, &p.fixed, &p.moving, &p.dfixed, &p.dmoving, &out, &dout, o.mode = (mv_lncc_mode)3);
    NO(0, &p.fixed, &p.moving, &p.dfixed, &p.dmoving, &out, &dout, q.variant = (mv_demons)4);
    BOTH((o.step = -1.0, q.step = 1e-5));
    BOTH(o.step = q.step = NAN);
    BOTH(o.momentum = q.momentum = 1.0);
    BOTH(o.sigma_update = q.sigma_update = 101.0);
    BOTH(o.sigma_field = q.sigma_field = NAN);
    NO(0, &p.fixed, &p.moving, &p.dfixed, &p.dmoving, &out, &dout, q.threshold = NAN);
    BOTH(o.start = q.start = bad);
    BOTH(o.start = q.start = nan);
    BOTH(o.control.levels = q.control.levels = 17);
    BOTH(o.control.iterations = q.control.iterations = -1);
    BOTH(o.control.slope = q.control.slope = 2.0);
    BOTH(o.control.tolerance = q.control.tolerance = NAN);
    BOTH(o.fixed_mask = q.fixed_mask = host ? &flat : &dflat);
    BOTH(o.fixed_mask = q.fixed_mask = host ? &still : &dstill);
    BOTH(o.velocity = q.velocity = host ? &wrong : &dwrong);
    BOTH(o.inverse = q.inverse = host ? &out : &dout);
    BOTH(o.inverse = q.inverse = host ? &wrong : &dwrong);
    BOTH(o.inverse = q.inverse = host ? &p.moving : &p.dmoving);
    memset(about, 0, sizeof about);
    /* memory of the host; while a graph is captured */
    hf = p.fixed, hm = p.moving;
    CHECK_STATUS(mv_cuda_register_lncc(&gpu, &dout, &hf, &p.dmoving, NULL), MEDVOL_E_POINTER);
    CHECK_STATUS(mv_cuda_register_demons(&gpu, &dout, &p.dfixed, &hm, NULL), MEDVOL_E_POINTER);
    CHECK_STATUS(mv_cuda_register_lncc(NULL, &dout, &p.dfixed, &p.dmoving, NULL), MEDVOL_E_NULL);
    CHECK_STATUS(mv_cuda_register_demons(NULL, &dout, &p.dfixed, &p.dmoving, NULL), MEDVOL_E_NULL);
    CHECK_UNCAPTURED(mv_cuda_register_lncc(&gpu, &dout, &p.dfixed, &p.dmoving, NULL), MEDVOL_E_BUSY);
    CHECK_UNCAPTURED(mv_cuda_register_demons(&gpu, &dout, &p.dfixed, &p.dmoving, NULL), MEDVOL_E_BUSY);
    CHECK(dout.data == NULL);
    mv_volume_free(&cpu, &flat), mv_volume_free(&cpu, &complex), mv_volume_free(&cpu, &still);
    mv_volume_free(&cpu, &thin), mv_volume_free(&cpu, &wrong);
    mv_cuda_volume_free(&gpu, &dflat), mv_cuda_volume_free(&gpu, &dcomplex), mv_cuda_volume_free(&gpu, &dstill);
    mv_cuda_volume_free(&gpu, &dthin), mv_cuda_volume_free(&gpu, &dwrong);
    pair_free(&p);
}
/* a field that folds has no inverse: nothing is made */
static void test_folds(void) {
    mv_register_demons_opt o, g;
    mv_register_report a, b;
    mv_volume h[2];
    mv_cuda_volume d[2];
    pair p;
    memset(&o, 0, sizeof o), memset(h, 0, sizeof h), memset(d, 0, sizeof d);
    pair_make(&p, &small, &small, 4.0);
    o.variant = MEDVOL_DEMONS_SYMMETRIC;
    o.sigma_update = o.sigma_field = o.momentum = -1.0;
    o.step = 4.0;
    o.control.levels = 1, o.control.iterations = 4;
    g = o;
    o.control.report = &a, g.control.report = &b;
    CHECK_STATUS(mv_register_demons(&cpu, &h[0], &p.fixed, &p.moving, &o), MEDVOL_OK);
    CHECK_SETTLED(mv_cuda_register_demons(&gpu, &d[0], &p.dfixed, &p.dmoving, &g), MEDVOL_OK);
    CHECK(a.folded > 100 && fabs((double)a.folded - (double)b.folded) <= 0.02 * (double)a.folded);
    mv_volume_free(&cpu, &h[0]), mv_cuda_volume_free(&gpu, &d[0]);
    o.inverse = &h[1], g.inverse = &d[1];
    CHECK_STATUS(mv_register_demons(&cpu, &h[0], &p.fixed, &p.moving, &o), MEDVOL_E_CONVERGENCE);
    CHECK_SETTLED(mv_cuda_register_demons(&gpu, &d[0], &p.dfixed, &p.dmoving, &g), MEDVOL_E_CONVERGENCE);
    CHECK(d[0].data == NULL && d[1].data == NULL);
    pair_free(&p);
}
/* ---- memory that is the caller's or runs out; a stream that cannot be captured ---- */
static void test_memory(void) {
    mv_register_lncc_opt o;
    mv_cuda_volume d = {}, want = {};
    mv_cuda_ctx c;
    mv_cuda_desc desc;
    mv_volume a, b;
    void *work;
    size_t need;
    pair p;
    int i;
    mv_register_report rep, was;
    memset(&o, 0, sizeof o), memset(&desc, 0, sizeof desc), memset(&rep, 0x5a, sizeof rep);
    was = rep;
    o.control.iterations = 1, o.control.levels = 2;
    pair_make(&p, &small, &small, 1.0);
    CHECK_SETTLED(mv_cuda_register_lncc(&gpu, &want, &p.dfixed, &p.dmoving, &o), MEDVOL_OK);
    down(&a, &want);
    for (i = 0; i < 3; i++) {
        snprintf(about, sizeof about, "context %d", i);
        CHECK(dev_new((unsigned char **)&work, (size_t)1 << 24));
        desc.given_stream = i == 2; /* the default stream */
        desc.workspace = i == 2 ? NULL : work;
        desc.workspace_bytes = i == 0 ? 4096 : i == 1 ? (size_t)1 << 24 : 0;
        CHECK_STATUS(mv_cuda_ctx_init(&c, &desc), MEDVOL_OK);
        if (i == 0) {
            mv_register_demons_opt q;
            memset(&q, 0, sizeof q);
            q.control.report = o.control.report = &rep;
            CHECK_STATUS(mv_cuda_register_demons(&c, &d, &p.dfixed, &p.dmoving, &q), MEDVOL_E_SCRATCH);
            CHECK_STATUS(mv_cuda_register_lncc(&c, &d, &p.dfixed, &p.dmoving, &o), MEDVOL_E_SCRATCH);
            CHECK(!memcmp(&rep, &was, sizeof rep));
            o.control.report = NULL;
            need = (size_t)c.error.value;
            CHECK(d.data == NULL && need > 4096 && need < (size_t)1 << 24);
        } else {
            CHECK_STATUS(mv_cuda_register_lncc(&c, &d, &p.dfixed, &p.dmoving, &o), MEDVOL_OK);
            memset(&b, 0, sizeof b);
            CHECK_STATUS(mv_cuda_download(&c, &b, &d, MEDVOL_F32, NULL), MEDVOL_OK);
            CHECK_STATUS(mv_cuda_sync(&c), MEDVOL_OK);
            CHECK(!memcmp(a.data, b.data, mv_volume_count(&a) * 4));
            mv_volume_free(&cpu, &b);
            mv_cuda_volume_free(&c, &d);
        }
        mv_cuda_ctx_free(&c);
        dev_free(work);
    }
    mv_volume_free(&cpu, &a);
    mv_cuda_volume_free(&gpu, &want);
    pair_free(&p);
}
/* What a call says that it needs is all that it touches, whatever the spacing: windows in mm differ by axis */
static void test_bounds(void) {
    static const double spacing[4][3] = {{1, 1, 1}, {1.7, 1.2, 1}, {1, 2.5, 1.4}, {1, 1, 3}};
    const size_t all = (size_t)1 << 23, guard = 65536;
    int i, k;
    unsigned char *work, *held = (unsigned char *)malloc(all);
    CHECK(dev_new(&work, all));
    for (i = 0; i < 16; i++) {
        scene s = {{27, 22, 18}, {1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0}, i % 2};
        const int log = i / 8;
        mv_register_demons_opt q;
        mv_cuda_volume d = {};
        mv_cuda_desc desc;
        mv_cuda_ctx c;
        mv_volume want, got;
        size_t need = 4096, j, changed = 0;
        pair p;
        for (k = 0; k < 3; k++) s.affine[5 * k] = spacing[i / 2 % 4][k];
        snprintf(about, sizeof about, "bounds %d", i);
        pair_make(&p, &s, &s, 1.0);
        memset(&q, 0, sizeof q), memset(&desc, 0, sizeof desc), memset(&want, 0, sizeof want);
        q.variant = log ? MEDVOL_DEMONS_LOG : MEDVOL_DEMONS_SYMMETRIC;
        q.control.iterations = q.control.levels = 1;
        CHECK_STATUS(mv_register_demons(&cpu, &want, &p.fixed, &p.moving, &q), MEDVOL_OK);
        CHECK(dev_set(work, 0x5a, all));
        for (k = 0; k < 4; k++) { /* each stage says what it needs */
            desc.workspace = work, desc.workspace_bytes = need;
            CHECK_STATUS(mv_cuda_ctx_init(&c, &desc), MEDVOL_OK);
            if (mv_cuda_register_demons(&c, &d, &p.dfixed, &p.dmoving, &q) != MEDVOL_E_SCRATCH) break;
            need = (size_t)c.error.value;
            CHECK(need + guard < all);
            mv_cuda_ctx_free(&c);
        }
        CHECK_STATUS(mv_cuda_sync(&c), MEDVOL_OK);
        memset(&got, 0, sizeof got);
        CHECK_STATUS(mv_cuda_download(&c, &got, &d, MEDVOL_F32, NULL), MEDVOL_OK);
        CHECK(got.data && apart(&got, &want, NULL) < 0.01);
        CHECK(dev_get(held, work + need, all - need));
        for (j = 0; j < all - need; j++) changed += held[j] != 0x5a;
        CHECK(changed == 0);
        mv_volume_free(&cpu, &got), mv_volume_free(&cpu, &want);
        mv_cuda_volume_free(&c, &d);
        mv_cuda_ctx_free(&c);
        pair_free(&p);
    }
    free(held);
    dev_free(work);
}
SUITE(deform, {"greedy", test_greedy}, {"descents", test_descents}, {"symmetric", test_symmetric},
      {"geometry", test_geometry}, {"turned", test_turned}, {"masks", test_masks}, {"demons", test_demons},
      {"force", test_force}, {"push", test_push}, {"swap", test_swap}, {"shapes", test_shapes},
      {"places", test_places}, {"axes", test_axes}, {"ends", test_ends}, {"waits", test_waits}, {"refused", test_refused},
      {"folds", test_folds}, {"memory", test_memory}, {"bounds", test_bounds});
SUITE(once, {"deform_recover", test_recover});
