/* test_cuda_grappa.cpp - [GRAPPA] of medvol_cuda.h beside medvol.h: what is sampled has the same bits, what is made
   agrees within rounding; the same lattices, geometry, statuses. */
#include "cuda_test.h"

struct lattice {
    size_t n[3], coils, frames, accel[2], shift, kernel[3], block[2];
    int layout, masked, refill;
    size_t gap; /* lines from y = 0 on that are missing, of the lattice too */
    size_t first[2];
};
static const lattice cases[] = {
    {{33, 24, 1}, 3, 1, {2, 1}, 0, {0, 0, 0}, {12, 1}, PLAIN, 1, 0, 0, {0, 0}},
    {{70, 21, 1}, 5, 2, {3, 1}, 0, {3, 2, 1}, {11, 1}, VIEW, 1, 1, 0, {0, 0}},
    {{13, 16, 12}, 4, 1, {2, 2}, 1, {3, 2, 2}, {9, 9}, SHIFTED, 1, 0, 0, {0, 0}},
    {{257, 13, 1}, 2, 1, {2, 1}, 0, {5, 4, 1}, {9, 1}, PLAIN, 1, 0, 2, {0, 0}},
    {{9, 8, 16}, 9, 4, {1, 3}, 0, {1, 1, 2}, {8, 7}, VIEW, 1, 0, 0, {0, 0}},
    {{31, 9, 1}, 20, 1, {2, 1}, 0, {15, 1, 1}, {5, 1}, PLAIN, 1, 1, 1, {0, 0}},
    {{1, 14, 6}, 1, 2, {2, 3}, 2, {1, 2, 2}, {9, 6}, PLAIN, 1, 0, 0, {0, 0}},
    {{130, 10, 1}, 6, 1, {2, 1}, 0, {4, 3, 1}, {7, 1}, SHIFTED, 0, 0, 0, {0, 0}},
    {{100, 12, 1}, 17, 1, {4, 1}, 0, {2, 2, 1}, {10, 1}, VIEW, 0, 0, 0, {0, 0}},
    {{20, 6, 1}, 2, 1, {1, 1}, 0, {3, 2, 1}, {4, 1}, PLAIN, 1, 0, 0, {0, 0}},
    {{21, 15, 9}, 3, 1, {2, 3}, 1, {3, 2, 2}, {9, 7}, PLAIN, 1, 0, 0, {1, 2}},
    {{40, 13, 8}, 3, 2, {3, 2}, 0, {2, 2, 2}, {10, 7}, VIEW, 0, 0, 0, {2, 1}}};
enum { CASES = sizeof cases / sizeof *cases };

static int on_lattice(const lattice *l, size_t y, size_t z) {
    const size_t up = y + l->accel[0] - l->first[0], rz = l->accel[1], step = (up / l->accel[0] + rz - 1) % rz;
    return y >= l->gap && up % l->accel[0] == 0 && (z + rz - l->first[1] + l->shift * (rz - step)) % rz == 0;
}
static int in_block(const lattice *l, size_t y, size_t z) {
    const size_t a = l->n[1] / 2 - l->block[0] / 2, b = l->n[2] / 2 - l->block[1] / 2;
    return l->masked && y >= a && y < a + l->block[0] && z >= b && z < b + l->block[1];
}
static void fill(twin *t, float of) { /* rows, coils, frames: waves and a little noise */
    size_t i = 0, nx = t->host.dim[0];
    each(&t->host, [&](unsigned char *p) {
        float v[2];
        const double a = 0.37 * (double)(i % nx) + 0.11 * (double)(i / nx);
        v[0] = of * (float)(cos(a) + 0.3 * uniform()), v[1] = of * (float)(sin(1.3 * a) + 0.3 * uniform());
        memcpy(p, v, 8);
        i++;
    });
    send(t);
}
static void mask_make(twin *m, const lattice *l) {
    const size_t dim[3] = {1, l->n[1], l->n[2]};
    size_t i = 0;
    twin_make(m, MEDVOL_U8, 3, dim, PLAIN);
    each(&m->host, [&](unsigned char *p) {
        const size_t y = i % l->n[1], z = i / l->n[1];
        *p = (unsigned char)(on_lattice(l, y, z) || in_block(l, y, z));
        i++;
    });
    send(m);
}
static void undersample(twin *t, const lattice *l) { /* NaN where nothing may be read */
    size_t i = 0;
    each(&t->host, [&](unsigned char *p) {
        const size_t y = i / l->n[0] % l->n[1], z = i / l->n[0] / l->n[1] % l->n[2];
        const float nan2[2] = {NAN, NAN};
        if (!on_lattice(l, y, z) && !in_block(l, y, z)) memcpy(p, nan2, 8);
        i++;
    });
    send(t);
}
static void calib_of(mv_volume *c, const mv_volume *k, const lattice *l) {
    const size_t start[7] = {0, l->n[1] / 2 - l->block[0] / 2, l->n[2] / 2 - l->block[1] / 2};
    const size_t size[7] = {l->n[0], l->block[0], l->block[1], l->coils, 1, 1, 1};
    CHECK_STATUS(mv_volume_view(&cpu, c, k, start, size), MEDVOL_OK);
}
/* |got - want| <= tolerance times the largest; NaN where it is; `same`: bits where the lattice is sampled */
static void near_c64(const mv_volume *want, const mv_volume *there, double tolerance, const lattice *l, int refill,
                     int line) {
    mv_volume got;
    double most = 0, off = 0;
    size_t i = 0;
    int wrong = 0;
    memset(&got, 0, sizeof got);
    check_status(mv_cuda_download(&gpu, &got, there, MEDVOL_NONE, NULL), MEDVOL_OK, "download", line);
    check(want->data != NULL, mv_message(&cpu), line);
    if (!want->data) return;
    check(got.ndim == want->ndim && !memcmp(got.dim, want->dim, sizeof got.dim), "shape", line);
    check(!memcmp(got.affine, want->affine, sizeof got.affine) && got.slope == want->slope, "geometry", line);
    keep(got.data, mv_volume_count(&got) * 8);
    each(want, [&](unsigned char *p) {
        const float *a = (const float *)(void *)p, *b = (const float *)got.data + 2 * i;
        const size_t y = i / l->n[0] % l->n[1], z = i / l->n[0] / l->n[1] % l->n[2];
        int k;
        for (k = 0; k < 2; k++) {
            most = fmax(most, fabs((double)a[k]));
            wrong += (a[k] != a[k]) != (b[k] != b[k]);
            if (a[k] == a[k] && b[k] == b[k]) off = fmax(off, fabs((double)a[k] - (double)b[k]));
            if (on_lattice(l, y, z) || (in_block(l, y, z) && !refill)) wrong += memcmp(a + k, b + k, 4) != 0;
        }
        i++;
    });
    check(wrong == 0, "bits, NaN", line);
    if (!(off <= tolerance * most)) printf("off %g of %g\n", off, most);
    check(off <= tolerance * most, "values", line);
    mv_volume_free(&cpu, &got);
}
static void one_case(const lattice *l, int gaps) {
    const size_t two = l->frames == 4 ? 2 : 1; /* frames along two axes */
    const size_t dim[6] = {l->n[0], l->n[1], l->n[2], l->coils, l->frames / two, two};
    twin k, m, b, c;
    mv_volume calib, h, d, calib_there, wanted;
    mv_grappa plan;
    mv_cuda_grappa g;
    mv_grappa_opt o;
    mv_status want;
    memset(&o, 0, sizeof o), memset(&h, 0, sizeof h), memset(&d, 0, sizeof d);
    memset(&calib_there, 0, sizeof calib_there), memset(&wanted, 0, sizeof wanted);
    snprintf(about, sizeof about, "%zux%zux%zu coils %zu accel %zu %zu", dim[0], dim[1], dim[2], dim[3],
             l->accel[0], l->accel[1]);
    memcpy(o.kernel, l->kernel, sizeof o.kernel);
    o.lambda = 0.02;
    o.refill = l->refill;
    if (!l->masked || gaps) {
        memcpy(o.accel, l->accel, sizeof o.accel), memcpy(o.first, l->first, sizeof o.first);
        o.shift = l->shift;
    }
    twin_make(&k, MEDVOL_C64, two > 1 ? 6 : l->frames > 1 ? 5 : 4, dim, l->layout);
    fill(&k, 1.0f);
    calib_of(&calib, &k.host, l);
    CHECK_STATUS(mv_cuda_upload(&gpu, &calib_there, &calib, MEDVOL_C64, NULL), MEDVOL_OK);
    mask_make(&m, l);
    want = mv_grappa_init(&cpu, &plan, &calib, l->masked ? &m.host : NULL, &o);
    check_status(want, MEDVOL_OK, mv_message(&cpu), __LINE__);
    CHECK_STATUS(mv_cuda_grappa_init(&gpu, &g, &calib_there, l->masked ? &m.device : NULL, &o), want);
    CHECK(!memcmp(plan.accel, g.plan.accel, sizeof plan.accel) && plan.shift == g.plan.shift &&
          !memcmp(plan.first, g.plan.first, sizeof plan.first) && plan.coils == g.plan.coils &&
          !memcmp(plan.dim, g.plan.dim, sizeof plan.dim) && !memcmp(plan.kernel, g.plan.kernel, 24));
    undersample(&k, l);
    twin_place(&k);
    k.host.slope = k.device.slope = 1.0, k.host.inter = k.device.inter = 0.0;
    CHECK_STATUS(mv_grappa_execute(&cpu, &plan, &h, &k.host), MEDVOL_OK);
    CHECK_SETTLED(mv_cuda_grappa_execute(&gpu, &g, &d, &k.device), MEDVOL_OK);
    near_c64(&h, &d, 4e-6, l, l->refill, __LINE__);
    twin_make(&b, MEDVOL_C64, k.host.ndim, dim, (l->layout + 1) % LAYOUTS); /* into memory with other gaps */
    CHECK_SETTLED(mv_cuda_grappa_execute(&gpu, &g, &b.device, &k.device), MEDVOL_OK);
    near_c64(&h, &b.device, 4e-6, l, l->refill, __LINE__);
    twin_make(&c, MEDVOL_C128, k.host.ndim, dim, PLAIN); /* another type, with a scaling */
    {
        size_t i = 0;
        each(&k.host, [&](unsigned char *p) {
            double *q = (double *)(void *)c.block + 2 * i++;
            q[0] = 0.5 * (double)((float *)(void *)p)[0], q[1] = 0.5 * (double)((float *)(void *)p)[1];
        });
        send(&c);
        c.host.slope = c.device.slope = 2.0;
        memcpy(c.host.affine, k.host.affine, sizeof k.host.affine);
        memcpy(c.device.affine, k.host.affine, sizeof k.host.affine);
    }
    CHECK_SETTLED(mv_cuda_grappa_execute(&gpu, &g, &b.device, &c.device), MEDVOL_OK);
    near_c64(&h, &b.device, 4e-6, l, l->refill, __LINE__);
    wanted = k.device; /* in place */
    CHECK_SETTLED(mv_cuda_grappa_execute(&gpu, &g, &wanted, &wanted), MEDVOL_OK);
    CHECK(wanted.data == k.device.data);
    near_c64(&h, &wanted, 4e-6, l, l->refill, __LINE__);
    mv_cuda_grappa_free(&gpu, &g);
    CHECK(g.kernels == NULL && g.tables.data == NULL);
    mv_grappa_free(&cpu, &plan);
    if (l->masked) { /* in one call, from its own lines */
        send(&k);
        mv_volume_free(&cpu, &h), mv_cuda_volume_free(&gpu, &d);
        want = mv_grappa_recon(&cpu, &h, &k.host, NULL, &m.host, &o);
        CHECK_SETTLED(mv_cuda_grappa_recon(&gpu, &d, &k.device, NULL, &m.device, &o), want);
        if (want == MEDVOL_OK) near_c64(&h, &d, 4e-6, l, l->refill, __LINE__);
        CHECK_SETTLED(mv_cuda_grappa_recon(&gpu, &b.device, &k.device, &calib_there, &m.device, &o), MEDVOL_OK);
    }
    mv_volume_free(&cpu, &h);
    mv_cuda_volume_free(&gpu, &d), mv_cuda_volume_free(&gpu, &calib_there);
    twin_free(&k), twin_free(&m), twin_free(&b), twin_free(&c);
}
static void test_lattices(void) {
    int i;
    for (i = 0; i < CASES; i++) one_case(&cases[i], i % 2);
}
static void test_graph(void) { /* execute is captured and run on other data */
    const lattice *l = &cases[0];
    const size_t dim[4] = {l->n[0], l->n[1], l->n[2], l->coils};
    twin k, out;
    mv_volume calib, there;
    mv_cuda_grappa g;
    mv_grappa plan;
    mv_cuda_graph graph;
    mv_grappa_opt o;
    memset(&o, 0, sizeof o), memset(&there, 0, sizeof there);
    memcpy(o.accel, l->accel, sizeof o.accel);
    twin_make(&k, MEDVOL_C64, 4, dim, PLAIN), twin_make(&out, MEDVOL_C64, 4, dim, PLAIN);
    fill(&k, 1.0f);
    calib_of(&calib, &k.host, l);
    CHECK_STATUS(mv_cuda_upload(&gpu, &there, &calib, MEDVOL_C64, NULL), MEDVOL_OK);
    CHECK_STATUS(mv_cuda_grappa_init(&gpu, &g, &there, NULL, &o), MEDVOL_OK);
    CHECK_STATUS(mv_grappa_init(&cpu, &plan, &calib, NULL, &o), MEDVOL_OK);
    CHECK_STATUS(mv_cuda_capture_begin(&gpu), MEDVOL_OK);
    CHECK_STATUS(mv_cuda_grappa_execute(&gpu, &g, &out.device, &k.device), MEDVOL_OK);
    CHECK_STATUS(mv_cuda_capture_end(&gpu, &graph), MEDVOL_OK);
    CHECK_UNCAPTURED(mv_cuda_grappa_recon(&gpu, &out.device, &k.device, &there, NULL, &o), MEDVOL_E_BUSY);
    fill(&k, 3.0f);
    CHECK_SETTLED(mv_cuda_graph_launch(&gpu, &graph), MEDVOL_OK);
    CHECK_STATUS(mv_grappa_execute(&cpu, &plan, &out.host, &k.host), MEDVOL_OK);
    {
        lattice all = *l;
        all.masked = 0;
        near_c64(&out.host, &out.device, 4e-6, &all, 0, __LINE__);
    }
    mv_cuda_graph_free(&gpu, &graph);
    mv_cuda_grappa_free(&gpu, &g), mv_grappa_free(&cpu, &plan);
    mv_cuda_volume_free(&gpu, &there);
    twin_free(&k), twin_free(&out);
}
static void test_traffic(void) { /* a pass a request of shared memory; sources are read for 16 coils at once */
    const size_t dim[4] = {128, 16, 1, 16};
    twin k, out;
    mv_cuda_grappa g;
    mv_grappa_opt o;
    emu_counts c;
    if (!emu_check() || order_now) return;
    memset(&o, 0, sizeof o);
    o.accel[0] = 2, o.kernel[0] = 3, o.kernel[1] = 2;
    twin_make(&k, MEDVOL_C64, 4, dim, PLAIN), twin_make(&out, MEDVOL_C64, 4, dim, PLAIN);
    fill(&k, 1.0f);
    CHECK_STATUS(mv_cuda_grappa_init(&gpu, &g, &k.device, NULL, &o), MEDVOL_OK);
    emu_profiling(1);
    CHECK_SETTLED(mv_cuda_grappa_execute(&gpu, &g, &out.device, &k.device), MEDVOL_OK);
    CHECK(emu_profile_of("mv__cu_k_gr_fill", &c));
    snprintf(about, sizeof about, "%.3f passes, %.1f bytes a sector stored",
             (double)c.shared_passes / (double)c.shared_requests, (double)c.store_bytes / (double)c.store_sectors);
    if (getenv("TRAFFIC")) printf("%s\n", about);
    CHECK((double)c.shared_passes <= 1.05 * (double)c.shared_requests + 256);
    CHECK(c.store_sectors * 32 == k.bytes);
    /* the 8 sampled lines once, and twice, with weights of 2 x 16 x 3 x 16, for each of 8 missing ones */
    CHECK((double)c.load_sectors * 32 <= 1.1 * (8 + 16) * 128 * 16 * 8 + 8 * 2 * 16 * 3 * 16 * 8 + 65536);
    emu_profiling(0);
    mv_cuda_grappa_free(&gpu, &g);
    twin_free(&k), twin_free(&out);
}
/* Both calls refuse with one status. */
static void same_init(const twin *calib, const twin *mask, const mv_grappa_opt *o, int line) {
    mv_grappa p;
    mv_cuda_grappa g;
    mv_status want = mv_grappa_init(&cpu, &p, &calib->host, mask ? &mask->host : NULL, o);
    check(want < 0, "refused", line);
    settled_at(mv_cuda_grappa_init(&gpu, &g, &calib->device, mask ? &mask->device : NULL, o), want, __FILE__, line);
    check(g.kernels == NULL && g.tables.data == NULL, "empty", line);
}
static void same_recon(const twin *src, const twin *calib, const twin *mask, const mv_grappa_opt *o, int line) {
    mv_volume h, d;
    mv_status want;
    memset(&h, 0, sizeof h), memset(&d, 0, sizeof d);
    want = mv_grappa_recon(&cpu, &h, &src->host, calib ? &calib->host : NULL, mask ? &mask->host : NULL, o);
    check(want < 0, "refused", line);
    settled_at(mv_cuda_grappa_recon(&gpu, &d, &src->device, calib ? &calib->device : NULL,
                                    mask ? &mask->device : NULL, o), want, __FILE__, line);
    check(d.data == NULL, "dst as it was", line);
}
static void test_errors(void) {
    const size_t dim[4] = {16, 12, 1, 3}, few[4] = {16, 12, 1, 2}, line[3] = {1, 12, 1}, wide[3] = {16, 12, 1};
    lattice l = cases[0];
    twin k, c, m, w, r;
    mv_grappa_opt o;
    mv_grappa plan;
    mv_cuda_grappa g, none;
    mv_volume d, h;
    memset(&o, 0, sizeof o), memset(&d, 0, sizeof d), memset(&none, 0, sizeof none), memset(&h, 0, sizeof h);
    twin_make(&k, MEDVOL_C64, 4, dim, PLAIN), twin_make(&c, MEDVOL_C64, 4, few, PLAIN);
    twin_make(&m, MEDVOL_F32, 3, line, PLAIN), twin_make(&w, MEDVOL_F32, 3, wide, PLAIN);
    twin_make(&r, MEDVOL_F32, 4, dim, PLAIN);
    fill(&k, 1.0f), fill(&c, 1.0f);
    memset(r.block, 0, r.bytes), send(&r);
    memset(w.block, 0, w.bytes), ((float *)(void *)w.block)[3] = 1.0f, send(&w);
    memset(m.block, 0, m.bytes), send(&m);
    same_init(&k, NULL, NULL, __LINE__); /* no mask, no accel */
    same_init(&k, &m, NULL, __LINE__);   /* nothing sampled */
    same_init(&k, &w, NULL, __LINE__);   /* in part */
    same_recon(&k, NULL, &w, NULL, __LINE__);
    same_recon(&k, NULL, &m, NULL, __LINE__); /* no centre */
    same_recon(&k, NULL, NULL, NULL, __LINE__);
    same_recon(&k, &c, &m, NULL, __LINE__); /* coils */
    same_recon(&r, NULL, &m, NULL, __LINE__); /* real */
    same_init(&k, &k, NULL, __LINE__); /* complex mask */
    ((float *)(void *)m.block)[6] = NAN, send(&m);
    same_init(&k, &m, NULL, __LINE__);
    same_recon(&k, NULL, &m, NULL, __LINE__);
    o.accel[0] = 2;
    same_init(&r, NULL, &o, __LINE__);
    o.lambda = NAN;
    same_init(&k, NULL, &o, __LINE__);
    o.lambda = 0, o.kernel[1] = 16;
    same_init(&k, NULL, &o, __LINE__);
    o.kernel[1] = 12;
    same_init(&k, NULL, &o, __LINE__); /* calib too small */
    o.kernel[1] = 0, o.accel[0] = 65;
    same_init(&k, NULL, &o, __LINE__);
    o.accel[0] = 2, o.shift = 1;
    same_init(&k, NULL, &o, __LINE__);
    o.shift = 0;
    CHECK_STATUS(mv_grappa_init(&cpu, &plan, &k.host, NULL, &o), MEDVOL_OK);
    CHECK_STATUS(mv_cuda_grappa_init(&gpu, &g, &k.device, NULL, &o), MEDVOL_OK);
    CHECK_SETTLED(mv_cuda_grappa_execute(&gpu, &g, &d, &c.device), mv_grappa_execute(&cpu, &plan, &h, &c.host));
    CHECK_SETTLED(mv_cuda_grappa_execute(&gpu, &g, &d, &r.device), mv_grappa_execute(&cpu, &plan, &h, &r.host));
    CHECK_SETTLED(mv_cuda_grappa_execute(&gpu, NULL, &d, &k.device), MEDVOL_E_NULL);
    CHECK_SETTLED(mv_cuda_grappa_execute(&gpu, &none, &d, &k.device), MEDVOL_E_NULL);
    CHECK_SETTLED(mv_cuda_grappa_execute(&gpu, &g, NULL, &k.device), MEDVOL_E_NULL);
    CHECK_SETTLED(mv_cuda_grappa_execute(&gpu, &g, &d, NULL), MEDVOL_E_NULL);
    CHECK_SETTLED(mv_cuda_grappa_execute(&gpu, &g, &d, &k.host), MEDVOL_E_POINTER);
    CHECK_SETTLED(mv_cuda_grappa_execute(&gpu, &g, &c.device, &k.device), MEDVOL_E_SHAPE);
    CHECK_SETTLED(mv_cuda_grappa_execute(&gpu, &g, &r.device, &k.device), MEDVOL_E_DTYPE);
    h = k.device; /* half over src */
    h.data = (unsigned char *)k.device.data + 8;
    CHECK_SETTLED(mv_cuda_grappa_execute(&gpu, &g, &h, &k.device), MEDVOL_E_ALIAS);
    CHECK_SETTLED(mv_cuda_grappa_init(&gpu, NULL, &k.device, NULL, &o), MEDVOL_E_NULL);
    CHECK_SETTLED(mv_cuda_grappa_init(&gpu, &none, &k.host, NULL, &o), MEDVOL_E_POINTER);
    CHECK_SETTLED(mv_cuda_grappa_init(&gpu, &none, NULL, NULL, &o), MEDVOL_E_NULL);
    CHECK_SETTLED(mv_cuda_grappa_recon(&gpu, NULL, &k.device, &k.device, NULL, &o), MEDVOL_E_NULL);
    if (emulated) { /* freed whatever the state, as volumes are */
        const int live = emu_leaks();
        emu_raise(1);
        mv_cuda_grappa_free(&gpu, &g);
        CHECK(!g.kernels && dev_error(1) == 1 && emu_leaks() == live - 1);
    }
    mv_cuda_grappa_free(&gpu, &g), mv_cuda_grappa_free(&gpu, NULL), mv_cuda_grappa_free(&gpu, &none);
    mv_grappa_free(&cpu, &plan);
    { /* a line without a neighbour inside: 1 line of 4 along an axis of 6 */
        const size_t small[4] = {16, 2, 1, 3};
        twin s;
        o.accel[0] = 4, o.first[0] = 0, o.kernel[1] = 1;
        twin_make(&s, MEDVOL_C64, 4, small, PLAIN);
        fill(&s, 1.0f);
        o.first[0] = 3;
        CHECK_STATUS(mv_grappa_init(&cpu, &plan, &k.host, NULL, &o), MEDVOL_OK);
        CHECK_STATUS(mv_cuda_grappa_init(&gpu, &g, &k.device, NULL, &o), MEDVOL_OK);
        memset(&h, 0, sizeof h);
        CHECK_STATUS(mv_grappa_execute(&cpu, &plan, &h, &s.host), MEDVOL_E_SHAPE);
        CHECK_SETTLED(mv_cuda_grappa_execute(&gpu, &g, &d, &s.device), MEDVOL_E_SHAPE);
        mv_cuda_grappa_free(&gpu, &g), mv_grappa_free(&cpu, &plan);
        twin_free(&s);
    }
    (void)l;
    twin_free(&k), twin_free(&c), twin_free(&m), twin_free(&w), twin_free(&r);
}
SUITE(grappa, {"lattices", test_lattices}, {"graph", test_graph}, {"traffic", test_traffic}, {"errors", test_errors});
