/* test_cuda_sense.cpp - [SENSE] of medvol_cuda.h beside medvol.h: the measurement, its adjoint, conjugate gradients,
   unfolding; masks, sets, series, layouts, graphs, what only the device finds, statuses. Tolerances are parts of the
   largest value, or of the norm. */
#include "cuda_test.h"

static const double tau = 6.28318530717958647692;
static void noise(twin *t) {
    each(&t->host, [&](unsigned char *p) {
        const float v[2] = {(float)(2 * uniform() - 1), (float)(2 * uniform() - 1)};
        memcpy(p, v, 8);
    });
    send(t);
}
/* Smooth coils round the field of view, of unit length together; each set turned in phase. */
static void coils(twin *t, const size_t *n, size_t nc, size_t sets, int layout) {
    const size_t dim[5] = {n[0], n[1], n[2], nc, sets}, voxels = n[0] * n[1] * n[2];
    size_t k = 0;
    twin_make(t, MEDVOL_C64, sets > 1 ? 5 : 4, dim, layout);
    each(&t->host, [&](unsigned char *q) {
        const size_t i = k % voxels, c0 = k / voxels % nc, s = k / voxels / nc;
        const double x = (double)(i % n[0]) / (double)n[0] - 0.5, y = (double)(i / n[0] % n[1]) / (double)n[1] - 0.5,
                     z = n[2] > 1 ? (double)(i / n[0] / n[1]) / (double)n[2] - 0.5 : 0;
        double sum = 0, re = 0, im = 0;
        size_t c;
        float v[2];
        for (c = 0; c < nc; c++) {
            const double a = tau * (double)c / (double)nc + 0.3 * (double)s + 0.1, b = 2.4 * (double)c;
            const double dx = x - 0.7 * cos(a), dy = y - 0.7 * sin(a), dz = z - 0.6 * cos(b);
            const double m = 1 / (0.2 + dx * dx + dy * dy + dz * dz), p = 3 * x * sin(a) + 2 * y + 2 * z * cos(b);
            if (c == c0) re = m * cos(p + a), im = m * sin(p + a);
            sum += m * m;
        }
        v[0] = (float)(re / sqrt(sum)), v[1] = (float)(im / sqrt(sum));
        memcpy(q, v, 8);
        k++;
    });
    send(t);
}
static void get(mv_volume *v, const mv_cuda_volume *d) {
    memset(v, 0, sizeof *v);
    CHECK_STATUS(mv_cuda_download(&gpu, v, d, MEDVOL_NONE, NULL), MEDVOL_OK);
    keep(v->data, v->data ? mv_volume_count(v) * mv_dtype_size(v->dtype) : 0);
}
/* |got - want| <= tolerance |want| in norm, and the same shape and geometry */
static void near_norm(const mv_volume *want, const mv_cuda_volume *there, double tolerance, int line) {
    const size_t reals = mv_dtype_size(want->dtype) / 4;
    double e = 0, m = 0;
    size_t i = 0;
    mv_volume got;
    get(&got, there);
    check(got.ndim == want->ndim && !memcmp(got.dim, want->dim, sizeof got.dim) && got.dtype == want->dtype,
          "shape and type", line);
    check(!memcmp(got.affine, want->affine, sizeof got.affine) && !memcmp(got.step, want->step, sizeof got.step) &&
          got.slope == want->slope && got.inter == want->inter, "geometry", line);
    if (!got.data || !want->data) return;
    each(want, [&](unsigned char *p) {
        const float *a = (const float *)(void *)p, *b = (const float *)got.data + reals * i++;
        size_t k;
        for (k = 0; k < reals; k++) {
            e += ((double)a[k] - (double)b[k]) * ((double)a[k] - (double)b[k]);
            m += (double)a[k] * (double)a[k];
        }
    });
    if (!(sqrt(e) <= tolerance * sqrt(m))) printf("%s: off %g of %g\n", about, sqrt(e), sqrt(m));
    check(sqrt(e) <= tolerance * sqrt(m), "values", line);
    mv_volume_free(&cpu, &got);
}
static void dot(const mv_volume *a, const mv_volume *b, double *s) { /* sum conj(a) b */
    const float *p = (const float *)a->data, *q = (const float *)b->data;
    size_t i;
    s[0] = s[1] = 0;
    for (i = 0; i < 2 * mv_volume_count(a); i += 2) {
        s[0] += (double)p[i] * (double)q[i] + (double)p[i + 1] * (double)q[i + 1];
        s[1] += (double)p[i] * (double)q[i + 1] - (double)p[i + 1] * (double)q[i];
    }
}
enum { NO_MASK, LINES, PLANE, ALL, SERIES, MASKS };
/* 0, 1 and weights between */
static int mask_make(twin *t, const size_t *n, size_t frames, int kind, mv_dtype type) {
    size_t dim[5] = {kind == ALL || kind == SERIES ? n[0] : 1, kind == LINES ? 1 : n[1], n[2], 1, frames}, i = 0;
    if (kind == LINES) dim[1] = n[1], dim[2] = 1;
    if (kind == NO_MASK) return 0;
    twin_make(t, type, kind == SERIES ? 5 : 3, dim, PLAIN);
    each(&t->host, [&](unsigned char *p) {
        const double w = draw() % 3 == 0 && i ? 0.0 : kind == ALL ? 0.25 * (double)(1 + draw() % 6) : 1.0;
        (void)mv_convert_array(NULL, p, type, &w, MEDVOL_F64, 1, 1.0, 0.0);
        i++;
    });
    send(t);
    return 1;
}
struct setting {
    size_t n[3], coils, sets, frames;
    int mask, layout;
};
static const setting settings[] = {
    {{7, 5, 3}, 3, 1, 1, LINES, PLAIN},   {{8, 6, 1}, 4, 2, 2, PLANE, VIEW}, {{13, 1, 1}, 2, 1, 3, NO_MASK, SHIFTED},
    {{1, 4, 5}, 5, 3, 2, SERIES, PLAIN},  {{33, 18, 1}, 3, 1, 2, ALL, PLAIN}, {{16, 9, 2}, 9, 1, 1, NO_MASK, VIEW},
    {{1, 1, 1}, 2, 1, 1, LINES, PLAIN},   {{32, 20, 4}, 4, 2, 1, ALL, SHIFTED}, {{65, 31, 1}, 1, 1, 1, PLANE, PLAIN},
    {{17, 11, 3}, 4, 2, 2, PLANE, PLAIN}}; /* an odd number of voxels, an even one of values */
enum { SETTINGS = sizeof settings / sizeof *settings };
struct scene {
    twin maps, x, y, mask;
    const mv_volume *m, *md;
};
static void scene_make(scene *s, const setting *t) {
    const size_t *n = t->n;
    const size_t xs[5] = {n[0], n[1], n[2], t->sets > 1 ? t->sets : t->frames, t->frames},
                 ys[5] = {n[0], n[1], n[2], t->coils, t->frames};
    snprintf(about, sizeof about, "%zux%zux%zu coils %zu sets %zu frames %zu mask %d layout %d", n[0], n[1], n[2],
             t->coils, t->sets, t->frames, t->mask, t->layout);
    memset(s, 0, sizeof *s);
    coils(&s->maps, n, t->coils, t->sets, (t->layout + 1) % LAYOUTS);
    twin_make(&s->x, MEDVOL_C64, t->sets > 1 ? 5 : 4, xs, t->layout);
    twin_make(&s->y, MEDVOL_C64, 5, ys, t->layout);
    noise(&s->x), noise(&s->y);
    twin_place(&s->x), twin_place(&s->y);
    if (mask_make(&s->mask, n, t->frames, t->mask, t->mask == ALL ? MEDVOL_F64 : MEDVOL_U8))
        s->m = &s->mask.host, s->md = &s->mask.device;
}
static void scene_free(scene *s) {
    twin_free(&s->maps), twin_free(&s->x), twin_free(&s->y);
    if (s->m) twin_free(&s->mask);
}
static void test_measure(void) {
    int i;
    for (i = 0; i < SETTINGS; i++) {
        scene s;
        twin b;
        mv_volume h, d, g, gy, gx;
        double one[2], two[2];
        scene_make(&s, &settings[i]);
        memset(&h, 0, sizeof h), memset(&d, 0, sizeof d), memset(&g, 0, sizeof g);
        CHECK_STATUS(mv_sense_forward(&cpu, &h, &s.x.host, &s.maps.host, s.m), MEDVOL_OK);
        CHECK_SETTLED(mv_cuda_sense_forward(&gpu, &d, &s.x.device, &s.maps.device, s.md), MEDVOL_OK);
        near_norm(&h, &d, 1e-6, __LINE__);
        twin_make(&b, MEDVOL_C64, h.ndim, h.dim, (i + 1) % LAYOUTS);
        CHECK_SETTLED(mv_cuda_sense_forward(&gpu, &b.device, &s.x.device, &s.maps.device, s.md), MEDVOL_OK);
        near_norm(&h, &b.device, 1e-6, __LINE__);
        twin_free(&b);
        mv_volume_free(&cpu, &h);
        CHECK_STATUS(mv_sense_adjoint(&cpu, &h, &s.y.host, &s.maps.host, s.m), MEDVOL_OK);
        CHECK_SETTLED(mv_cuda_sense_adjoint(&gpu, &g, &s.y.device, &s.maps.device, s.md), MEDVOL_OK);
        near_norm(&h, &g, 1e-6, __LINE__);
        twin_make(&b, MEDVOL_C64, h.ndim, h.dim, i % LAYOUTS);
        CHECK_SETTLED(mv_cuda_sense_adjoint(&gpu, &b.device, &s.y.device, &s.maps.device, s.md), MEDVOL_OK);
        near_norm(&h, &b.device, 1e-6, __LINE__);
        twin_free(&b);
        mv_volume_free(&cpu, &h);
        /* <A x, y> = <x, A' y>, of unscaled values */
        s.x.device.slope = s.y.device.slope = 1, s.x.device.inter = s.y.device.inter = 0;
        CHECK_SETTLED(mv_cuda_sense_forward(&gpu, &d, &s.x.device, &s.maps.device, s.md), MEDVOL_OK);
        CHECK_SETTLED(mv_cuda_sense_adjoint(&gpu, &g, &s.y.device, &s.maps.device, s.md), MEDVOL_OK);
        get(&h, &d), get(&gy, &s.y.device), dot(&h, &gy, one);
        mv_volume_free(&cpu, &h), mv_volume_free(&cpu, &gy);
        get(&h, &g), get(&gx, &s.x.device), dot(&gx, &h, two);
        CHECK(fabs(one[0] - two[0]) < 1e-5 * (1 + hypot(one[0], one[1])) &&
              fabs(one[1] - two[1]) < 1e-5 * (1 + hypot(one[0], one[1])));
        mv_volume_free(&cpu, &h), mv_volume_free(&cpu, &gx);
        mv_cuda_volume_free(&gpu, &d), mv_cuda_volume_free(&gpu, &g);
        scene_free(&s);
    }
}
static void sample(scene *s) { /* y = the measurement of x, where the mask has something */
    mv_volume y;
    size_t i = 0;
    memset(&y, 0, sizeof y);
    s->x.host.slope = s->x.device.slope = 1, s->x.host.inter = s->x.device.inter = 0;
    s->y.host.slope = s->y.device.slope = 1, s->y.host.inter = s->y.device.inter = 0;
    CHECK_STATUS(mv_sense_forward(&cpu, &y, &s->x.host, &s->maps.host, s->m), MEDVOL_OK);
    each(&s->y.host, [&](unsigned char *p) { memcpy(p, (float *)y.data + 2 * i++, 8); });
    send(&s->y);
    mv_volume_free(&cpu, &y);
}
static void test_gradients(void) {
    int i;
    for (i = 0; i < SETTINGS; i++) {
        scene s;
        mv_volume h, d;
        mv_cg_sense_opt o, od;
        double want[8], got[8];
        void *pinned;
        size_t f;
        twin b;
        scene_make(&s, &settings[i]);
        sample(&s);
        memset(&h, 0, sizeof h), memset(&d, 0, sizeof d), memset(&o, 0, sizeof o);
        o.lambda = 0.05;
        o.iterations = i % 2 ? 40 : 9;
        o.tolerance = i % 3 == 1 ? 0.01 : 0.0;
        od = o;
        o.mask = s.m, od.mask = s.md;
        o.residual = want;
        CHECK_STATUS(mv_cuda_host_alloc(&gpu, &pinned, sizeof got), MEDVOL_OK);
        od.residual = (double *)pinned;
        CHECK_STATUS(mv_cg_sense(&cpu, &h, &s.y.host, &s.maps.host, &o), MEDVOL_OK);
        CHECK_SETTLED(mv_cuda_cg_sense(&gpu, &d, &s.y.device, &s.maps.device, &od), MEDVOL_OK);
        near_norm(&h, &d, 2e-5, __LINE__);
        for (f = 0; f < settings[i].frames; f++)
            CHECK(fabs(want[f] - ((double *)pinned)[f]) < 2e-5 + 0.02 * want[f]);
        CHECK_STATUS(mv_cuda_host_free(&gpu, pinned), MEDVOL_OK);
        twin_make(&b, MEDVOL_C64, h.ndim, h.dim, (i + 2) % LAYOUTS);
        od.residual = got;
        CHECK_STATUS(mv_cuda_cg_sense_wait(&gpu, &b.device, &s.y.device, &s.maps.device, &od), MEDVOL_OK);
        near_norm(&h, &b.device, 2e-5, __LINE__);
        for (f = 0; f < settings[i].frames; f++) CHECK(fabs(want[f] - got[f]) < 2e-5 + 0.02 * want[f]);
        mv_volume_free(&cpu, &h), mv_cuda_volume_free(&gpu, &d);
        twin_free(&b);
        scene_free(&s);
    }
}
static void test_large(void) { /* more sums of blocks than a block has threads */
    const setting t = {{300, 600, 1}, 1, 1, 1, LINES, PLAIN};
    scene s;
    mv_volume h, d;
    mv_cg_sense_opt o, od;
    scene_make(&s, &t);
    memset(&h, 0, sizeof h), memset(&d, 0, sizeof d), memset(&o, 0, sizeof o);
    o.lambda = 0.1, o.iterations = 2;
    od = o;
    o.mask = s.m, od.mask = s.md;
    CHECK_STATUS(mv_cg_sense(&cpu, &h, &s.y.host, &s.maps.host, &o), MEDVOL_OK);
    CHECK_SETTLED(mv_cuda_cg_sense(&gpu, &d, &s.y.device, &s.maps.device, &od), MEDVOL_OK);
    near_norm(&h, &d, 2e-5, __LINE__);
    mv_volume_free(&cpu, &h), mv_cuda_volume_free(&gpu, &d);
    scene_free(&s);
}
/* More coils than are at work together: those of the second lot are added to the first */
static void test_lots(void) {
    const size_t dim[4] = {512, 300, 1, 23};
    twin x, y, maps;
    mv_volume h, d;
    memset(&h, 0, sizeof h), memset(&d, 0, sizeof d);
    twin_make(&x, MEDVOL_C64, 3, dim, PLAIN);
    twin_make(&y, MEDVOL_C64, 4, dim, PLAIN), twin_make(&maps, MEDVOL_C64, 4, dim, PLAIN);
    noise(&x), noise(&y), noise(&maps);
    snprintf(about, sizeof about, "%zu coils", dim[3]);
    CHECK_STATUS(mv_sense_adjoint(&cpu, &h, &y.host, &maps.host, NULL), MEDVOL_OK);
    CHECK_SETTLED(mv_cuda_sense_adjoint(&gpu, &d, &y.device, &maps.device, NULL), MEDVOL_OK);
    near_norm(&h, &d, 2e-6, __LINE__);
    mv_volume_free(&cpu, &h), mv_cuda_volume_free(&gpu, &d);
    CHECK_STATUS(mv_sense_forward(&cpu, &h, &x.host, &maps.host, NULL), MEDVOL_OK);
    CHECK_SETTLED(mv_cuda_sense_forward(&gpu, &d, &x.device, &maps.device, NULL), MEDVOL_OK);
    near_norm(&h, &d, 2e-6, __LINE__);
    mv_volume_free(&cpu, &h), mv_cuda_volume_free(&gpu, &d);
    twin_free(&x), twin_free(&y), twin_free(&maps);
}
/* Device memory: sectors of what must be moved, 16 bytes a lane; shared memory: a pass a request */
static void traffic(const char *kernel, double loads, double stores, int line) {
    emu_counts c;
    check(emu_profile_of(kernel, &c), kernel, line);
    snprintf(about, sizeof about, "%s: %.3f and %.3f of the bytes, %.1f and %.1f a request, %.3f passes", kernel,
             (double)c.load_sectors * 32 / loads, (double)c.store_sectors * 32 / stores,
             (double)c.load_bytes / (double)c.load_requests, (double)c.store_bytes / (double)c.store_requests,
             (double)c.shared_passes / ((double)c.shared_requests + 1e-9));
    if (getenv("TRAFFIC")) printf("%s\n", about);
    check((double)c.load_sectors * 32 <= 1.05 * loads + 4096 && (double)c.load_sectors * 32 >= loads, "loads", line);
    check((double)c.store_sectors * 32 <= 1.05 * stores + 4096 && (double)c.store_sectors * 32 >= stores, "stores",
          line);
    check((double)c.load_bytes >= 380 * (double)c.load_requests, "16 bytes a lane", line);
    check((double)c.shared_passes <= 1.05 * (double)c.shared_requests + 256, "passes", line);
}
static void test_traffic(void) {
    const setting t = {{64, 48, 1}, 8, 1, 1, ALL, PLAIN};
    const double n = 64 * 48 * 8, c = 8;
    scene s;
    mv_volume d;
    mv_cg_sense_opt o;
    if (!emu_check() || order_now) return;
    scene_make(&s, &t);
    twin_free(&s.maps);
    coils(&s.maps, t.n, t.coils, 1, PLAIN);
    memset(&d, 0, sizeof d), memset(&o, 0, sizeof o);
    o.mask = s.md, o.lambda = 0.1, o.iterations = 2;
    emu_profiling(1);
    CHECK_SETTLED(mv_cuda_cg_sense(&gpu, &d, &s.y.device, &s.maps.device, &o), MEDVOL_OK);
    traffic("mv__cu_k_se_spread<", c * n + 2 * n, c * n + n, __LINE__); /* maps, p and r; coil images, p */
    traffic("mv__cu_k_se_weigh<", c * n + n / 2, c * n, __LINE__);
    traffic("mv__cu_k_se_gather<", 2 * c * n + n, n, __LINE__);
    traffic("mv__cu_k_se_step<", 4 * n, 2 * n, __LINE__);
    emu_profiling(0);
    mv_cuda_volume_free(&gpu, &d);
    scene_free(&s);
}
struct folding {
    size_t n[3], coils, sets, frames, accel[2], shift;
    double lambda;
};
static const folding foldings[] = {
    {{37, 8, 1}, 4, 1, 1, {2, 1}, 0, 0.0},   {{12, 12, 4}, 8, 1, 2, {3, 2}, 0, 0.01}, {{130, 6, 6}, 6, 1, 1, {2, 2}, 0, 0.0},
    {{9, 8, 4}, 6, 1, 3, {2, 2}, 1, 0.001},  {{20, 6, 1}, 5, 2, 1, {2, 1}, 0, 0.01},  {{5, 10, 1}, 9, 1, 2, {5, 1}, 0, 0.001},
    {{11, 9, 2}, 2, 1, 1, {1, 1}, 0, 0.0},   {{9, 8, 2}, 12, 1, 2, {4, 2}, 0, 0.003}, {{3, 6, 4}, 20, 2, 1, {3, 4}, 0, 0.05},
    {{3, 16, 4}, 17, 1, 1, {16, 2}, 0, 0.1}, {{9, 16, 2}, 10, 1, 1, {8, 2}, 0, 0.02}, {{2, 16, 4}, 9, 1, 2, {16, 4}, 0, 0.2},
    {{6, 6, 3}, 5, 3, 1, {1, 1}, 0, 0.02},   {{7, 8, 3}, 7, 1, 1, {1, 3}, 0, 0.0}, {{3, 6, 1}, 128, 1, 1, {3, 1}, 0, 0.0},
    {{3, 10, 1}, 128, 1, 1, {5, 1}, 0, 0.01}};
enum { FOLDINGS = sizeof foldings / sizeof *foldings };
static int on_lattice(const folding *l, size_t y, size_t z, size_t by, size_t bz) {
    const size_t ry = l->accel[0], rz = l->accel[1], up = y + ry - by % ry;
    return up % ry == 0 && (z + 4 * rz - bz % rz - (l->shift * ((up / ry + rz - 1) % rz)) % rz) % rz == 0;
}
static void undersample(scene *s, const folding *l) { /* a lattice of its own for each frame, and a few lines more */
    const size_t *n = l->n;
    size_t i = 0;
    each(&s->y.host, [&](unsigned char *p) {
        const size_t y = i / n[0] % n[1], z = i / n[0] / n[1] % n[2], f = i / (n[0] * n[1] * n[2] * l->coils);
        if (!on_lattice(l, y, z, f + 1, f) && !(y == n[1] / 2 && z == n[2] / 2)) memset(p, 0, 8);
        i++;
    });
    send(&s->y);
}
static void test_unfold(void) {
    int i;
    for (i = 0; i < FOLDINGS; i++) {
        const folding *l = &foldings[i];
        const setting t = {{l->n[0], l->n[1], l->n[2]}, l->coils, l->sets, l->frames, NO_MASK, i % LAYOUTS};
        scene s;
        twin b;
        mv_volume h, d, gh, gd;
        mv_sense_opt o, od;
        scene_make(&s, &t);
        sample(&s);
        undersample(&s, l);
        snprintf(about, sizeof about, "folding %d", i);
        memset(&h, 0, sizeof h), memset(&d, 0, sizeof d), memset(&o, 0, sizeof o);
        memset(&gh, 0, sizeof gh), memset(&gd, 0, sizeof gd);
        memcpy(o.accel, l->accel, sizeof o.accel);
        o.shift = l->shift, o.lambda = l->lambda;
        od = o;
        o.gfactor = &gh, od.gfactor = &gd;
        check_status(mv_sense(&cpu, &h, &s.y.host, &s.maps.host, &o), MEDVOL_OK, mv_message(&cpu), __LINE__);
        CHECK_SETTLED(mv_cuda_sense(&gpu, &d, &s.y.device, &s.maps.device, &od), MEDVOL_OK);
        near_norm(&h, &d, 3e-6, __LINE__);
        near_norm(&gh, &gd, 1e-6, __LINE__);
        twin_make(&b, MEDVOL_C64, h.ndim, h.dim, (i + 1) % LAYOUTS);
        od.gfactor = NULL;
        CHECK_SETTLED(mv_cuda_sense(&gpu, &b.device, &s.y.device, &s.maps.device, &od), MEDVOL_OK);
        near_norm(&h, &b.device, 3e-6, __LINE__);
        mv_volume_free(&cpu, &h), mv_volume_free(&cpu, &gh);
        mv_cuda_volume_free(&gpu, &d), mv_cuda_volume_free(&gpu, &gd);
        twin_free(&b);
        scene_free(&s);
    }
}
static void test_graph(void) { /* a solve and an unfolding are captured, and run on other data */
    const setting t = {{16, 12, 1}, 4, 1, 2, NO_MASK, PLAIN};
    const folding l = {{16, 12, 1}, 4, 1, 2, {2, 1}, 0, 0.01};
    scene s;
    twin x, u, y;
    mv_volume h;
    mv_cg_sense_opt o;
    mv_sense_opt so;
    mv_cuda_graph g;
    memset(&o, 0, sizeof o), memset(&so, 0, sizeof so), memset(&h, 0, sizeof h);
    o.lambda = 0.02, o.iterations = 12, o.tolerance = 1e-3;
    so.lambda = 0.01, so.accel[0] = 2;
    scene_make(&s, &t);
    twin_make(&x, MEDVOL_C64, 4, s.x.host.dim, PLAIN), twin_make(&u, MEDVOL_C64, 4, s.x.host.dim, PLAIN);
    twin_make(&y, MEDVOL_C64, 5, s.y.host.dim, PLAIN);
    sample(&s), undersample(&s, &l);
    CHECK_SETTLED(mv_cuda_cg_sense(&gpu, &x.device, &s.y.device, &s.maps.device, &o), MEDVOL_OK);
    if (emulated) { /* it looks after 8 iterations, and in the end; cg_sense never */
        const unsigned long long before = emu_waits();
        mv_cg_sense_opt all = o;
        all.tolerance = 1e-30, all.iterations = 15;
        CHECK_STATUS(mv_cuda_cg_sense(&gpu, &x.device, &s.y.device, &s.maps.device, &all), MEDVOL_OK);
        CHECK(emu_waits() == before);
        CHECK_STATUS(mv_cuda_cg_sense_wait(&gpu, &x.device, &s.y.device, &s.maps.device, &all), MEDVOL_OK);
        CHECK(emu_waits() == before + 2);
    }
    CHECK_SETTLED(mv_cuda_sense(&gpu, &u.device, &s.y.device, &s.maps.device, &so), MEDVOL_OK);
    CHECK_SETTLED(mv_cuda_sense_forward(&gpu, &y.device, &x.device, &s.maps.device, NULL), MEDVOL_OK);
    CHECK_UNCAPTURED(mv_cuda_cg_sense_wait(&gpu, &x.device, &s.y.device, &s.maps.device, &o), MEDVOL_E_BUSY);
    CHECK_STATUS(mv_cuda_capture_begin(&gpu), MEDVOL_OK);
    CHECK_STATUS(mv_cuda_cg_sense(&gpu, &x.device, &s.y.device, &s.maps.device, &o), MEDVOL_OK);
    CHECK_STATUS(mv_cuda_sense(&gpu, &u.device, &s.y.device, &s.maps.device, &so), MEDVOL_OK);
    CHECK_STATUS(mv_cuda_sense_forward(&gpu, &y.device, &x.device, &s.maps.device, NULL), MEDVOL_OK);
    CHECK_STATUS(mv_cuda_capture_end(&gpu, &g), MEDVOL_OK);
    noise(&s.x), sample(&s), undersample(&s, &l);
    CHECK_SETTLED(mv_cuda_graph_launch(&gpu, &g), MEDVOL_OK);
    CHECK_STATUS(mv_cg_sense(&cpu, &h, &s.y.host, &s.maps.host, &o), MEDVOL_OK);
    memcpy(x.device.affine, h.affine, sizeof h.affine), memcpy(x.device.step, h.step, sizeof h.step);
    near_norm(&h, &x.device, 2e-5, __LINE__);
    CHECK_STATUS(mv_sense_forward(&cpu, &y.host, &h, &s.maps.host, NULL), MEDVOL_OK);
    memcpy(y.device.affine, y.host.affine, sizeof h.affine), memcpy(y.device.step, y.host.step, sizeof h.step);
    near_norm(&y.host, &y.device, 2e-5, __LINE__);
    CHECK_STATUS(mv_sense(&cpu, &u.host, &s.y.host, &s.maps.host, &so), MEDVOL_OK);
    memcpy(u.device.affine, u.host.affine, sizeof h.affine), memcpy(u.device.step, u.host.step, sizeof h.step);
    near_norm(&u.host, &u.device, 3e-6, __LINE__);
    mv_cuda_graph_free(&gpu, &g);
    mv_volume_free(&cpu, &h);
    twin_free(&x), twin_free(&u), twin_free(&y);
    scene_free(&s);
}
static void untouched(const twin *t, int line) {
    unsigned char *got = (unsigned char *)malloc(t->bytes);
    CHECK(dev_get(got, t->there, t->bytes));
    check(!memcmp(got, t->block, t->bytes), "dst as it was", line);
    free(got);
}
static void test_memory(void) { /* each allocation, refused once */
    const setting t = {{16, 12, 1}, 4, 1, 2, NO_MASK, PLAIN};
    scene s;
    twin x;
    mv_cg_sense_opt o;
    double residual[2];
    int n, live;
    if (!emulated) return;
    memset(&o, 0, sizeof o);
    o.lambda = 0.02, o.iterations = 3, o.residual = residual;
    scene_make(&s, &t);
    twin_make(&x, MEDVOL_C64, 4, s.x.host.dim, PLAIN);
    CHECK_STATUS(mv_cuda_sync(&gpu), MEDVOL_OK);
    live = emu_leaks();
    for (n = 1; n < 30; n++) {
        mv_cuda_ctx ctx;
        mv_cuda_volume d = x.device;
        mv_status st;
        memset(&ctx, 0, sizeof ctx);
        emu_fail_alloc(n);
        st = mv_cuda_cg_sense_wait(&ctx, &d, &s.y.device, &s.maps.device, &o);
        emu_fail_alloc(0);
        if (st != MEDVOL_OK) {
            CHECK_STATUS(st, MEDVOL_E_NOMEM);
            if (ctx.state) CHECK_STATUS(mv_cuda_sync(&ctx), MEDVOL_OK);
            untouched(&x, __LINE__);
        }
        mv_cuda_ctx_free(&ctx);
        CHECK(emu_leaks() == live);
        if (st == MEDVOL_OK) break;
    }
    CHECK(n > 5 && n < 30);
    twin_free(&x);
    scene_free(&s);
}
/* What the device finds: the status of medvol.h at the next mv_cuda_sync, dst as it was */
static void test_found(void) {
    const setting t = {{9, 8, 1}, 3, 1, 3, SERIES, PLAIN};
    const size_t frame = 9 * 8 * 3, dim[4] = {9, 8, 1, 3};
    scene s;
    twin x, y, g;
    mv_volume h;
    mv_cg_sense_opt o, od;
    mv_sense_opt so, sd;
    double *r;
    int i;
    for (i = 0; i < 8; i++) {
        float *p;
        mv_status want;
        scene_make(&s, &t);
        sample(&s);
        twin_make(&x, MEDVOL_C64, 4, dim, PLAIN), twin_make(&y, MEDVOL_C64, 5, s.y.host.dim, PLAIN);
        twin_make(&g, MEDVOL_F32, 2, dim, PLAIN);
        snprintf(about, sizeof about, "fault %d", i);
        memset(&o, 0, sizeof o), memset(&so, 0, sizeof so);
        p = (float *)(void *)s.y.block;
        if (i == 0) p[2 * frame + 5] = NAN;              /* frame 1 */
        if (i == 1) memset(p + 4 * frame, 0, 8 * frame); /* frame 2 */
        if (i == 2) s.mask.block[9 * 8 + 11] = 3;        /* replaced by -1 below */
        if (i == 3) memset(s.maps.block, 0, s.maps.bytes);
        if (i == 4) ((float *)s.maps.host.data)[3] = INFINITY;
        if (i == 5) memset(s.mask.block, 0, s.mask.bytes);
        if (i == 7) /* squares that vanish */
            each(&s.y.host, [&](unsigned char *q) { ((float *)q)[0] *= 1e-30f, ((float *)q)[1] *= 1e-30f; });
        send(&s.y), send(&s.maps), send(&s.mask);
        if (i == 2) s.mask.host.slope = s.mask.device.slope = -1.0;
        o.mask = s.m, o.lambda = 0.01, o.iterations = 4;
        od = o;
        od.mask = s.md;
        if (i == 1) o.mask = od.mask = NULL;
        memset(&h, 0, sizeof h);
        CHECK(dev_new(&r, 3 * sizeof *r));
        od.residual = r;
        want = mv_cg_sense(&cpu, &h, &s.y.host, &s.maps.host, &o);
        if (i != 3 && i != 6) CHECK(want < 0);
        CHECK_SETTLED(mv_cuda_cg_sense(&gpu, &x.device, &s.y.device, &s.maps.device, &od), want);
        if (want < 0) untouched(&x, __LINE__);
        mv_volume_free(&cpu, &h);
        od.residual = NULL;
        CHECK_STATUS(mv_cuda_cg_sense_wait(&gpu, &h, &s.y.device, &s.maps.device, &od), want);
        CHECK((h.data == NULL) == (want < 0));
        mv_cuda_volume_free(&gpu, &h);
        if (i == 2) {
            CHECK_SETTLED(mv_cuda_sense_forward(&gpu, &y.device, &s.x.device, &s.maps.device, s.md), MEDVOL_E_RANGE);
            untouched(&y, __LINE__);
            send(&x);
            CHECK_SETTLED(mv_cuda_sense_adjoint(&gpu, &x.device, &s.y.device, &s.maps.device, s.md), MEDVOL_E_RANGE);
            untouched(&x, __LINE__);
        }
        so.accel[0] = 2;
        if (i == 6) so.accel[0] = 4, so.lambda = 0; /* 3 coils do not tell 4 voxels apart */
        sd = so;
        sd.gfactor = &g.device;
        send(&x);
        want = mv_sense(&cpu, &h, &s.y.host, &s.maps.host, &so);
        if (i == 0 || i == 1 || i == 4 || i == 6) CHECK(want < 0);
        CHECK_SETTLED(mv_cuda_sense(&gpu, &x.device, &s.y.device, &s.maps.device, &sd), want);
        if (want < 0) untouched(&x, __LINE__), untouched(&g, __LINE__);
        mv_volume_free(&cpu, &h);
        dev_free(r);
        twin_free(&x), twin_free(&y), twin_free(&g);
        scene_free(&s);
    }
}
/* ---- refusals ---- */
struct ask {
    const twin *src, *maps, *mask, *dst;
};
static void refuse(const ask *a, int line) { /* by all four alike, as far as they take it */
    mv_volume h, d;
    mv_cg_sense_opt o, od;
    mv_status want;
    int k;
    memset(&o, 0, sizeof o);
    for (k = 0; k < 4; k++) {
        if (a->dst) h = a->dst->host, d = a->dst->device;
        else memset(&h, 0, sizeof h), memset(&d, 0, sizeof d);
        const mv_volume *s = a->src ? &a->src->host : NULL, *sd = a->src ? &a->src->device : NULL,
                        *m = a->maps ? &a->maps->host : NULL, *md = a->maps ? &a->maps->device : NULL,
                        *w = a->mask ? &a->mask->host : NULL, *wd = a->mask ? &a->mask->device : NULL;
        od = o;
        o.mask = w, od.mask = wd;
        snprintf(about, sizeof about, "call %d", k);
        switch (k) {
            case 0:
                want = mv_sense_forward(&cpu, &h, s, m, w);
                settled_at(mv_cuda_sense_forward(&gpu, &d, sd, md, wd), want, __FILE__, line);
                break;
            case 1:
                want = mv_sense_adjoint(&cpu, &h, s, m, w);
                settled_at(mv_cuda_sense_adjoint(&gpu, &d, sd, md, wd), want, __FILE__, line);
                break;
            case 2:
                want = mv_cg_sense(&cpu, &h, s, m, &o);
                settled_at(mv_cuda_cg_sense(&gpu, &d, sd, md, &od), want, __FILE__, line);
                break;
            default:
                want = mv_sense(&cpu, &h, s, m, NULL);
                settled_at(mv_cuda_sense(&gpu, &d, sd, md, NULL), want, __FILE__, line);
        }
        if (!a->dst) mv_volume_free(&cpu, &h), mv_cuda_volume_free(&gpu, &d);
    }
}
static void options(const twin *src, const twin *maps, int what, double value, int line) {
    mv_volume h, d;
    mv_cg_sense_opt o;
    mv_sense_opt so;
    memset(&o, 0, sizeof o), memset(&so, 0, sizeof so), memset(&h, 0, sizeof h), memset(&d, 0, sizeof d);
    if (what == 0) o.lambda = so.lambda = value;
    if (what == 1) o.tolerance = value;
    if (what == 2) o.iterations = (int)value;
    if (what == 3) so.accel[0] = (size_t)value;
    if (what == 4) so.accel[1] = (size_t)value;
    if (what == 5) so.accel[1] = 2, so.shift = (size_t)value;
    if (what == 6) so.accel[0] = 8, so.accel[1] = 2, so.shift = 1;
    settled_at(mv_cuda_cg_sense(&gpu, &d, &src->device, &maps->device, &o),
               mv_cg_sense(&cpu, &h, &src->host, &maps->host, &o), __FILE__, line);
    mv_volume_free(&cpu, &h), mv_cuda_volume_free(&gpu, &d);
    settled_at(mv_cuda_sense(&gpu, &d, &src->device, &maps->device, &so),
               mv_sense(&cpu, &h, &src->host, &maps->host, &so), __FILE__, line);
    mv_volume_free(&cpu, &h), mv_cuda_volume_free(&gpu, &d);
}
static void test_errors(void) {
    const setting t = {{6, 8, 2}, 3, 1, 1, PLANE, PLAIN};
    const size_t other[5] = {6, 8, 2, 2, 1}, longer[5] = {6, 9, 2, 3, 1}, three[5] = {6, 8, 2, 3, 2}, one[3] = {6, 8, 2};
    twin few, wrong, real, sets, big, odd, complexm;
    scene s;
    mv_volume h, d, g;
    mv_sense_opt so, sd;
    mv_cg_sense_opt o;
    double r;
    scene_make(&s, &t);
    coils(&few, other, 2, 1, PLAIN), coils(&wrong, longer, 3, 1, PLAIN), coils(&sets, three, 3, 2, PLAIN);
    twin_make(&real, MEDVOL_F32, 4, s.y.host.dim, PLAIN), twin_make(&odd, MEDVOL_F32, 3, longer, PLAIN);
    memset(real.block, 0, real.bytes), send(&real), memset(odd.block, 0, odd.bytes), send(&odd);
    twin_make(&big, MEDVOL_C64, 3, one, PLAIN), twin_make(&complexm, MEDVOL_C64, 3, one, PLAIN);
    noise(&complexm);
    const ask asks[] = {{NULL, &s.maps, NULL, NULL},     {&s.y, NULL, NULL, NULL},      {&s.y, &few, NULL, NULL},
                        {&s.y, &wrong, NULL, NULL},      {&real, &s.maps, NULL, NULL},  {&s.y, &real, NULL, NULL},
                        {&s.y, &s.maps, &odd, NULL},     {&s.y, &s.maps, &complexm, NULL},
                        {&s.y, &s.maps, &real, NULL},    {&s.y, &sets, NULL, NULL},     {&s.y, &s.maps, NULL, &real},
                        {&s.y, &s.maps, NULL, &few},     {&s.y, &s.maps, NULL, &s.maps}, {&s.x, &s.maps, NULL, &s.y}};
    size_t i;
    for (i = 0; i < sizeof asks / sizeof *asks; i++) refuse(&asks[i], __LINE__);
    options(&s.y, &s.maps, 0, -1, __LINE__), options(&s.y, &s.maps, 0, NAN, __LINE__);
    options(&s.y, &s.maps, 1, 1, __LINE__), options(&s.y, &s.maps, 1, -1, __LINE__);
    options(&s.y, &s.maps, 2, -1, __LINE__), options(&s.y, &s.maps, 3, 3, __LINE__);
    options(&s.y, &s.maps, 3, 8, __LINE__), options(&s.y, &s.maps, 4, 5, __LINE__);
    options(&s.y, &s.maps, 5, 2, __LINE__), options(&s.y, &s.maps, 6, 0, __LINE__);
    memset(&so, 0, sizeof so), memset(&h, 0, sizeof h), memset(&d, 0, sizeof d), memset(&o, 0, sizeof o);
    memset(&g, 0, sizeof g);
    sd = so;
    so.gfactor = &h, sd.gfactor = &d;
    CHECK_SETTLED(mv_cuda_sense(&gpu, &d, &s.y.device, &s.maps.device, &sd),
                  mv_sense(&cpu, &h, &s.y.host, &s.maps.host, &so));
    so.gfactor = &real.host, sd.gfactor = &real.device;
    CHECK_SETTLED(mv_cuda_sense(&gpu, &d, &s.y.device, &s.maps.device, &sd),
                  mv_sense(&cpu, &h, &s.y.host, &s.maps.host, &so));
    CHECK(h.data == NULL && d.data == NULL);
    so.gfactor = &big.host, sd.gfactor = &big.device;
    CHECK_SETTLED(mv_cuda_sense(&gpu, &d, &s.y.device, &s.maps.device, &sd),
                  mv_sense(&cpu, &h, &s.y.host, &s.maps.host, &so));
    g = s.maps.device, g.dtype = MEDVOL_F32, g.ndim = 3, g.dim[3] = 1;
    sd.gfactor = &g;
    CHECK_SETTLED(mv_cuda_sense(&gpu, &d, &s.y.device, &s.maps.device, &sd), MEDVOL_E_ALIAS);
    o.residual = &r;
    CHECK_SETTLED(mv_cuda_cg_sense(&gpu, &d, &s.y.device, &s.maps.device, &o), MEDVOL_E_POINTER);
    CHECK_SETTLED(mv_cuda_cg_sense(&gpu, &d, &s.y.host, &s.maps.device, NULL), MEDVOL_E_POINTER);
    CHECK_SETTLED(mv_cuda_cg_sense(&gpu, &d, &s.y.device, &s.maps.host, NULL), MEDVOL_E_POINTER);
    CHECK_SETTLED(mv_cuda_sense_forward(&gpu, &d, &s.x.device, &s.maps.device, &s.mask.host), MEDVOL_E_POINTER);
    CHECK_SETTLED(mv_cuda_sense_forward(&gpu, NULL, &s.x.device, &s.maps.device, NULL), MEDVOL_E_NULL);
    CHECK_SETTLED(mv_cuda_sense(&gpu, NULL, &s.y.device, &s.maps.device, NULL), MEDVOL_E_NULL);
    CHECK_STATUS(mv_cuda_sense(NULL, &d, &s.y.device, &s.maps.device, NULL), MEDVOL_E_NULL);
    twin_free(&few), twin_free(&wrong), twin_free(&real), twin_free(&sets), twin_free(&big), twin_free(&odd);
    twin_free(&complexm);
    scene_free(&s);
}
/* Many more steps than there are unknowns: what is left comes to the end of floats, and no step is made of it. */
static void test_many_steps(void) {
    for (size_t i = 0; i < 8; i++) {
        const setting t = {{1 + i % 4, 2 + i % 3, 1}, 4, 1 + i % 2, 1, NO_MASK, PLAIN};
        scene s;
        mv_volume h;
        mv_cuda_volume d;
        mv_cg_sense_opt o;
        scene_make(&s, &t);
        sample(&s);
        each(&s.y.host, [&](unsigned char *p) {
            for (int k = 0; k < 2; k++) ((float *)(void *)p)[k] *= i % 3 ? 1e-10f : 1.0f;
        });
        send(&s.y);
        memset(&h, 0, sizeof h), memset(&d, 0, sizeof d), memset(&o, 0, sizeof o);
        o.lambda = 0.02, o.iterations = 60;
        CHECK_STATUS(mv_cg_sense(&cpu, &h, &s.y.host, &s.maps.host, &o), MEDVOL_OK);
        o.iterations = 400;
        CHECK_SETTLED(mv_cuda_cg_sense(&gpu, &d, &s.y.device, &s.maps.device, &o), MEDVOL_OK);
        near_norm(&h, &d, 2e-5, __LINE__);
        mv_volume_free(&cpu, &h), mv_cuda_volume_free(&gpu, &d);
        scene_free(&s);
    }
}
static void test_limits(void) { /* 2^32 voxels of a coil */
    snprintf(about, sizeof about, "limits");
    AFAR {
        const mv_volume a = afar(MEDVOL_C64, 65536, 65536, 1, 2), maps = afar(MEDVOL_C64, 65536, 65536, 1, 2);
        mv_volume image = afar(MEDVOL_C64, 65536, 65536), out = afar(MEDVOL_C64, 65536, 65536, 1, 2);
        CHECK_STATUS(mv_cuda_sense_forward(&gpu, &out, &image, &maps, NULL), MEDVOL_E_UNSUPPORTED);
        CHECK_STATUS(mv_cuda_sense_adjoint(&gpu, &image, &a, &maps, NULL), MEDVOL_E_UNSUPPORTED);
        CHECK_STATUS(mv_cuda_cg_sense(&gpu, &image, &a, &maps, NULL), MEDVOL_E_UNSUPPORTED);
        CHECK_STATUS(mv_cuda_sense(&gpu, &image, &a, &maps, NULL), MEDVOL_E_UNSUPPORTED);
    }
}
SUITE(sense, {"measure", test_measure}, {"gradients", test_gradients}, {"many_steps", test_many_steps},
      {"unfold", test_unfold}, {"graph", test_graph}, {"memory", test_memory}, {"large", test_large},
      {"limits", test_limits}, {"traffic", test_traffic}, {"found", test_found}, {"errors", test_errors});
SUITE(once, {"sense_lots", test_lots});
