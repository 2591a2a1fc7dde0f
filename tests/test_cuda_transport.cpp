/* test_cuda_transport.cpp - [TRANSPORT] of medvol_cuda.h beside medvol.h: weights and doses within 2e-6 of the largest,
   what entered is what is there, stopped or left. */
#include "cuda_test.h"

struct run { /* a grid in both memories */
    mv_transport_grid g;
    mv_stopping water;
    double energy[80], *dose, *dose_there;
    float *psi, *psi_there;
    mv_transport_report *report; /* pinned */
    size_t cells, plane;
};
static void run_make(run *r, size_t nx, size_t nz, size_t angles, size_t energies, double low, double high, int axis) {
    void *p = NULL;
    memset(r, 0, sizeof *r);
    CHECK_STATUS(mv_stopping_init(&cpu, &r->water, NULL), MEDVOL_OK);
    CHECK_STATUS(mv_transport_energies(&cpu, r->energy, energies, low, high, axis, &r->water), MEDVOL_OK);
    r->g.nx = nx, r->g.nz = nz, r->g.angles = angles, r->g.energies = energies;
    r->g.dx = 1.5, r->g.dz = 2.0, r->g.energy = r->energy;
    r->g.dangle = 0.02, r->g.angle = -0.5 * r->g.dangle * (double)(angles - 1);
    r->g.cutoff = low + 0.02 * (high - low);
    r->plane = nx * nz, r->cells = r->plane * angles * energies;
    r->psi = (float *)calloc(r->cells, sizeof *r->psi), r->dose = (double *)calloc(r->plane, sizeof *r->dose);
    CHECK(dev_new(&r->psi_there, r->cells * sizeof *r->psi) && dev_new(&r->dose_there, r->plane * sizeof *r->dose));
    CHECK_STATUS(mv_cuda_host_alloc(&gpu, &p, sizeof *r->report), MEDVOL_OK);
    r->report = (mv_transport_report *)p;
}
static void run_send(run *r) {
    CHECK(dev_put(r->psi_there, r->psi, r->cells * sizeof *r->psi));
    CHECK(dev_put(r->dose_there, r->dose, r->plane * sizeof *r->dose));
}
static void run_fill(run *r) {
    size_t i;
    for (i = 0; i < r->cells; i++) r->psi[i] = draw() % 3 ? 0.0f : (float)uniform();
    for (i = 0; i < r->plane; i++) r->dose[i] = uniform();
    run_send(r);
}
static void run_free(run *r) {
    free(r->psi), free(r->dose);
    dev_free(r->psi_there), dev_free(r->dose_there);
    CHECK_STATUS(mv_cuda_host_free(&gpu, r->report), MEDVOL_OK);
}
/* of the largest */
static double apart(const run *r, double *dose_apart) {
    float *psi = (float *)malloc(r->cells * sizeof *psi);
    double *dose = (double *)malloc(r->plane * sizeof *dose), most = 1e-30, worst = 0, d_most = 1e-30, d_worst = 0;
    size_t i;
    CHECK(dev_get(psi, r->psi_there, r->cells * sizeof *psi) && dev_get(dose, r->dose_there, r->plane * sizeof *dose));
    for (i = 0; i < r->cells; i++) {
        most = fmax(most, fabs((double)r->psi[i]));
        worst = fmax(worst, fabs((double)psi[i] - (double)r->psi[i]));
        if (psi[i] != psi[i]) worst = HUGE_VAL;
    }
    for (i = 0; i < r->plane; i++) {
        d_most = fmax(d_most, fabs(r->dose[i]));
        d_worst = fmax(d_worst, fabs(dose[i] - r->dose[i]));
        if (dose[i] != dose[i]) d_worst = HUGE_VAL;
    }
    keep(psi, r->cells * sizeof *psi), keep(dose, r->plane * sizeof *dose);
    free(psi), free(dose);
    *dose_apart = d_worst / d_most;
    return worst / most;
}
static void same_report(const mv_transport_report *g, const mv_transport_report *c, int line) {
    double in = 0, energy = 0;
    int i;
    for (i = 1; i < MEDVOL_TRANSPORT_SINKS; i++) in += g->weight[i], energy += g->energy[i];
    check(fabs(in - g->weight[0]) <= 1e-6 * g->weight[0], "weights close", line);
    check(fabs(energy - g->energy[0]) <= 1e-6 * g->energy[0], "energies close", line);
    for (i = 0; i < MEDVOL_TRANSPORT_SINKS; i++) {
        check(fabs(g->weight[i] - c->weight[i]) <= 1e-6 * c->weight[0], "a weight", line);
        check(fabs(g->energy[i] - c->energy[i]) <= 1e-6 * c->energy[0], "an energy", line);
    }
    check(g->cells == c->cells, "cells", line);
}
static void step(run *r, double way, const mv_transport_step_opt *o, int with_report, int line) {
    mv_transport_report c;
    double dose;
    CHECK_STATUS(mv_transport_step(&cpu, r->psi, r->dose, &c, &r->g, &r->water, way, o), MEDVOL_OK);
    CHECK_SETTLED(mv_cuda_transport_step(&gpu, r->psi_there, r->dose_there, with_report ? r->report : NULL, &r->g,
                                         &r->water, way, o), MEDVOL_OK);
    const double psi = apart(r, &dose);
    check(psi <= 2e-6, "psi", line);
    check(dose <= 2e-6, "dose", line);
    if (with_report) same_report(r->report, &c, line), keep(r->report, sizeof *r->report);
}
static void test_steps(void) {
    static const size_t grids[][4] = {{1, 1, 1, 2}, {5, 1, 3, 4}, {13, 11, 9, 17}, {40, 9, 5, 23},
                                      {33, 31, 7, 6}, {7, 3, 33, 12}, {2, 70, 2, 9}};
    int i, turn, k = 0;
    for (i = 0; i < 7; i++)
        for (turn = 0; turn < 6; turn++, k++) {
            const size_t *n = grids[i];
            mv_transport_step_opt o;
            run r;
            memset(&o, 0, sizeof o);
            o.strang = turn % 2, o.straight = turn == 4 && i % 2;
            o.backward = (mv_backward)(k % 3), o.scatter = (mv_scatter_model)(turn % 3);
            run_make(&r, n[0], n[1], n[2], n[3], turn % 2 ? 2.0 : 20.0, turn % 3 ? 200.0 : 90.0, turn % 3);
            if (turn == 3) r.g.angle = -3.0, r.g.dangle = 6.0 / (double)n[2]; /* backward too */
            if (turn == 2) r.g.dangle = 2e-3; /* kernels of many taps, cut at the ends */
            if (turn == 5) r.g.dangle = 0.1, r.g.dx = 0.4, r.g.dz = 0.3; /* several cells a step */
            snprintf(about, sizeof about, "grid %d turn %d", i, turn);
            run_fill(&r);
            step(&r, turn == 5 ? 1.7 : 2.0, &o, turn != 1, __LINE__);
            if (turn < 3) step(&r, 0.7, &o, turn != 2, __LINE__); /* dose is added to what is there */
            run_free(&r);
        }
}
/* A beam: mean energy, and what is where after many steps; the same graph, launched */
static void test_beam(void) {
    mv_transport_step_opt o;
    mv_cuda_graph graph;
    double dose;
    int k;
    size_t j;
    run r;
    memset(&o, 0, sizeof o), memset(&graph, 0, sizeof graph);
    o.strang = 1;
    run_make(&r, 20, 16, 9, 40, 2.0, 71.0, 2);
    for (j = 0; j < 3; j++) r.psi[((37 * 9 + 4) * 16 + 0) * 20 + 9 + j] = (float)(j == 1 ? 0.5 : 0.25);
    run_send(&r);
    CHECK_SETTLED(mv_cuda_transport_step(&gpu, r.psi_there, r.dose_there, r.report, &r.g, &r.water, 2.0, &o),
                  MEDVOL_OK);
    run_send(&r); /* scratch is there now */
    CHECK_STATUS(mv_cuda_capture_begin(&gpu), MEDVOL_OK);
    CHECK_STATUS(mv_cuda_transport_step(&gpu, r.psi_there, r.dose_there, r.report, &r.g, &r.water, 2.0, &o),
                 MEDVOL_OK);
    CHECK_STATUS(mv_cuda_capture_end(&gpu, &graph), MEDVOL_OK);
    for (k = 0; k < 12; k++) {
        mv_transport_report c;
        snprintf(about, sizeof about, "beam, step %d", k);
        CHECK_STATUS(mv_cuda_graph_launch(&gpu, &graph), MEDVOL_OK);
        CHECK_STATUS(mv_cuda_sync(&gpu), MEDVOL_OK);
        CHECK_STATUS(mv_transport_step(&cpu, r.psi, r.dose, &c, &r.g, &r.water, 2.0, &o), MEDVOL_OK);
        same_report(r.report, &c, __LINE__);
        if (k % 5 == 0) CHECK(apart(&r, &dose) <= 2e-6 && dose <= 2e-6);
    }
    CHECK(apart(&r, &dose) <= 5e-6 && dose <= 5e-6);
    mv_cuda_graph_free(&gpu, &graph);
    run_free(&r);
}
/* Two passes, each cell read and written once: neighbours of a place come from the first cache */
static void test_traffic(void) {
    mv_transport_step_opt o;
    emu_counts n;
    run r;
    if (!emu_check()) return;
    memset(&o, 0, sizeof o), o.straight = 1; /* one tap: tables count little */
    emu_profiling(1);
    run_make(&r, 32, 32, 9, 24, 20, 150, 2);
    run_fill(&r);
    const double sectors = (double)r.cells * 4 / 32;
    CHECK_SETTLED(mv_cuda_transport_step(&gpu, r.psi_there, r.dose_there, NULL, &r.g, &r.water, 1.0, &o), MEDVOL_OK);
    CHECK(emu_profile_of("tr_turn", &n));
    snprintf(about, sizeof about, "angles: %.3f in, %.3f out", (double)n.load_sectors / sectors,
             (double)n.store_sectors / sectors);
    CHECK((double)n.load_sectors <= 1.2 * sectors && (double)n.store_sectors <= 1.01 * sectors);
    CHECK(emu_profile_of("tr_slow", &n));
    snprintf(about, sizeof about, "places: %.3f in, %.3f out", (double)n.load_sectors / sectors,
             (double)n.store_sectors / sectors);
    CHECK((double)n.load_sectors <= 5.2 * sectors && (double)n.store_sectors <= 1.15 * sectors);
    /* the second half of the angles, of few taps, where psi is */
    o.straight = 0, o.strang = 1, r.g.dangle = 0.1, r.g.angle = -0.4;
    CHECK_SETTLED(mv_cuda_transport_step(&gpu, r.psi_there, r.dose_there, NULL, &r.g, &r.water, 1.0, &o), MEDVOL_OK);
    CHECK(emu_profile_of("tr_turn", &n));
    snprintf(about, sizeof about, "angles in place: %.3f in, %.3f out", (double)n.load_sectors / sectors,
             (double)n.store_sectors / sectors);
    CHECK((double)n.load_sectors <= 1.2 * sectors && (double)n.store_sectors <= 1.01 * sectors);
    emu_profiling(0);
    run_free(&r);
}
static void test_refused(void) {
    mv_transport_step_opt o;
    mv_transport_report c;
    mv_transport_grid g;
    const mv_medium dense = {11.3, 0.4, 800, 0.01, 0.01};
    mv_stopping none, lead;
    double energy[17], dose;
    run r;
    memset(&o, 0, sizeof o), memset(&none, 0, sizeof none);
    run_make(&r, 13, 11, 9, 17, 5, 100, 0);
    run_fill(&r);
    g = r.g;
    snprintf(about, sizeof about, "refused");
#define STEP(with_psi, with_dose, grid, table, way)                                                                   \
    both(mv_transport_step(&cpu, with_psi ? r.psi : NULL, with_dose ? r.dose : NULL, &c, grid, table, way, &o),       \
         mv_cuda_transport_step(&gpu, with_psi ? r.psi_there : NULL, with_dose ? r.dose_there : NULL, r.report, grid, \
                                table, way, &o), __LINE__)
    auto both = [&](mv_status want, mv_status got, int line) {
        if (got == MEDVOL_OK) got = mv_cuda_sync(&gpu);
        check(want < 0, "the processor refuses", line);
        check_status(got, want, mv_cuda_message(&gpu), line);
    };
    STEP(0, 1, &g, &r.water, 1.0);
    STEP(1, 0, &g, &r.water, 1.0);
    STEP(1, 1, (mv_transport_grid *)NULL, &r.water, 1.0);
    STEP(1, 1, &g, (mv_stopping *)NULL, 1.0);
    STEP(1, 1, &g, &none, 1.0);
    STEP(1, 1, &g, &r.water, 0.0);
    STEP(1, 1, &g, &r.water, NAN);
    STEP(1, 1, &g, &r.water, 1001.0);
    g.nx = 0;
    STEP(1, 1, &g, &r.water, 1.0);
    g.nx = 65537;
    STEP(1, 1, &g, &r.water, 1.0);
    g = r.g, g.energies = 1;
    STEP(1, 1, &g, &r.water, 1.0);
    g = r.g, g.energy = NULL;
    STEP(1, 1, &g, &r.water, 1.0);
    memcpy(energy, r.energy, sizeof energy), g.energy = energy, energy[3] = energy[2];
    STEP(1, 1, &g, &r.water, 1.0);
    energy[3] = 1000;
    STEP(1, 1, &g, &r.water, 1.0);
    energy[3] = NAN;
    STEP(1, 1, &g, &r.water, 1.0);
    g = r.g, g.dx = 0;
    STEP(1, 1, &g, &r.water, 1.0);
    g = r.g, g.dangle = 1e-5;
    STEP(1, 1, &g, &r.water, 1.0);
    g = r.g, g.angle = 7;
    STEP(1, 1, &g, &r.water, 1.0);
    g = r.g, g.cutoff = 4;
    STEP(1, 1, &g, &r.water, 1.0);
    g = r.g, o.backward = (mv_backward)3;
    STEP(1, 1, &g, &r.water, 1.0);
    o.backward = MEDVOL_BACKWARD_REJECT, o.scatter = (mv_scatter_model)3;
    STEP(1, 1, &g, &r.water, 1.0);
    o.scatter = MEDVOL_SCATTER_ROSSI, g.dangle = 1e-4;
    r.report->weight[0] = 77;
    CHECK_STATUS(mv_stopping_init(&cpu, &lead, &dense), MEDVOL_OK);
    STEP(1, 1, &g, &lead, 1000.0); /* found by the device */
    CHECK(r.report->weight[0] != r.report->weight[0]);
    o.strang = 1;
    STEP(1, 1, &g, &lead, 1000.0);
    { /* where scratch holds nothing yet */
        mv_cuda_ctx fresh;
        memset(&fresh, 0, sizeof fresh);
        CHECK_STATUS(mv_cuda_transport_step(&fresh, r.psi_there, r.dose_there, NULL, &g, &lead, 1000.0, &o), MEDVOL_OK);
        CHECK_STATUS(mv_cuda_sync(&fresh), MEDVOL_E_RANGE);
        mv_cuda_ctx_free(&fresh);
    }
    CHECK(apart(&r, &dose) == 0.0 && dose == 0.0); /* as they were */
    memset(&o, 0, sizeof o);
    CHECK_STATUS(mv_cuda_transport_step(&gpu, r.psi, r.dose_there, NULL, &r.g, &r.water, 1.0, &o), MEDVOL_E_POINTER);
    CHECK_STATUS(mv_cuda_transport_step(&gpu, r.psi_there, r.dose, NULL, &r.g, &r.water, 1.0, &o), MEDVOL_E_POINTER);
    CHECK_STATUS(mv_cuda_transport_step(&gpu, r.psi_there, r.dose_there, &c, &r.g, &r.water, 1.0, &o),
                 MEDVOL_E_POINTER);
    step(&r, 1.0, &o, 1, __LINE__);
    run_free(&r);
}

/* ---- marching ---- */
/* Doses by both, within `by` of the largest */
static void same_dose(const mv_volume *h, const mv_cuda_volume *d, double by, int line) {
    double most = 1e-30, worst = 0;
    mv_volume back;
    memset(&back, 0, sizeof back);
    check(d->dtype == h->dtype && !memcmp(d->dim, h->dim, sizeof d->dim) &&
          !memcmp(d->affine, h->affine, sizeof d->affine) && d->slope == h->slope && d->inter == h->inter,
          "shape, geometry", line);
    CHECK_STATUS(mv_cuda_download(&gpu, &back, d, MEDVOL_NONE, NULL), MEDVOL_OK);
    for (size_t i = 0; i < mv_volume_count(h); i++) {
        const double x = ((float *)h->data)[i], y = ((float *)back.data)[i];
        most = fmax(most, fabs(x)), worst = fmax(worst, fabs(x - y));
        if (y != y) worst = HUGE_VAL;
    }
    check(worst <= by * most, "dose", line);
    if (getenv("SAY")) printf("%s: %.2e of the largest\n", about, worst / most);
    keep(back.data, mv_volume_count(h) * sizeof(float));
    mv_volume_free(&cpu, &back);
}
static void march(const mv_volume *ct_host, const mv_volume *ct_device, const mv_beam *beams, size_t count,
                  const mv_stopping *p, const mv_transport_opt *opt, double by, int line) {
    mv_transport_report c, *g;
    mv_transport_opt o = *opt, q = *opt;
    mv_volume h, d;
    void *there = NULL, *spread = NULL;
    double *spread_host = NULL;
    size_t i, n;
    memset(&h, 0, sizeof h), memset(&d, 0, sizeof d);
    CHECK_STATUS(mv_cuda_host_alloc(&gpu, &there, sizeof *g), MEDVOL_OK);
    g = (mv_transport_report *)there;
    memset(g, 0x33, sizeof *g);
    n = ct_host ? ct_host->dim[2] : o.nz;
    if (n) {
        CHECK_STATUS(mv_cuda_host_alloc(&gpu, &spread, 3 * n * sizeof(double)), MEDVOL_OK);
        spread_host = (double *)calloc(3 * n, sizeof(double));
        o.spread = spread_host, q.spread = (double *)spread;
    }
    CHECK_STATUS(mv_transport_march(&cpu, &h, &c, ct_host, beams, count, p, &o), MEDVOL_OK);
    CHECK_SETTLED(mv_cuda_transport_march(&gpu, &d, g, ct_device, beams, count, p, &q), MEDVOL_OK);
    same_dose(&h, &d, by, line);
    same_report(g, &c, line);
    for (i = 0; spread && i < 3 * n; i++)
        check(fabs(((double *)spread)[i] - spread_host[i]) <=
              1e-5 * (fabs(spread_host[i]) + (i % 3 == 2 ? c.weight[0] : 1)), "spread", line);
    keep(g, sizeof *g);
    CHECK_STATUS(mv_cuda_host_free(&gpu, there), MEDVOL_OK);
    if (spread) CHECK_STATUS(mv_cuda_host_free(&gpu, spread), MEDVOL_OK);
    free(spread_host);
    mv_volume_free(&cpu, &h), mv_cuda_volume_free(&gpu, &d);
}
static mv_beam beam_of(double energy, double x, double size, double angle) {
    mv_beam b;
    memset(&b, 0, sizeof b);
    b.energy = energy, b.x = x, b.size = size, b.angle = angle;
    return b;
}
static void test_march(void) {
    mv_stopping water, bone;
    const mv_medium dense = {1.85, 0.515, 106, 16.6, 23.0};
    int turn;
    CHECK_STATUS(mv_stopping_init(&cpu, &water, NULL), MEDVOL_OK);
    CHECK_STATUS(mv_stopping_init(&cpu, &bone, &dense), MEDVOL_OK);
    for (turn = 0; turn < 14; turn++) {
        mv_beam b[3] = {beam_of(32, 0, 2, 0), beam_of(30, 3.3, 1.5, 0.05), beam_of(20, -4, 0, -0.1)};
        mv_transport_opt o;
        memset(&o, 0, sizeof o);
        snprintf(about, sizeof about, "march %d", turn);
        o.nx = turn % 4 == 1 ? 133 : turn % 4 == 3 ? 29 : 21, o.dx = turn % 4 == 1 ? 0.25 : 1.0;
        o.angles = turn == 3 ? 3 : turn == 4 ? 33 : 7, o.dangle = 0.04;
        o.dz = turn % 2 ? 2 : 1.5, o.fine = turn == 5 ? 4 : (size_t)(turn % 3);
        o.most_leak = 1;
        o.nz = turn == 6 ? 0 : 6;
        o.shift = (mv_transport_shift)(turn % 3), o.scatter = (mv_scatter_model)(turn / 2 % 3);
        o.first_order = turn == 7, o.straight = turn == 8, o.csda = turn == 9;
        o.grays = turn % 2, o.nuclear = turn == 10 || turn == 11 ? 0.012 : 0, o.nuclear_local = turn == 11 ? 0.6 : 0;
        b[0].spread = turn == 12 ? 0.5 : 0, b[0].divergence = turn == 13 ? 0.02 : 0, b[1].weight = 3;
        if (turn == 7) b[0].x = 13.5; /* leaves by the side, a vector's end */
        march(NULL, NULL, b, turn % 3 + 1u, turn == 2 ? &bone : &water, &o, 2e-6, __LINE__);
    }
    for (turn = 0; turn < 60; turn += 6) { /* all leaves: shares of sum 1, by rounding above it */
        mv_beam b = beam_of(30 + 0.5 * turn, 0, turn % 4, 0);
        mv_transport_opt o;
        memset(&o, 0, sizeof o);
        snprintf(about, sizeof about, "march leaves %d", turn);
        o.nx = 4 + (size_t)turn % 5, o.nz = 6, o.angles = 3, o.dangle = 1e-4, o.most_leak = 1;
        march(NULL, NULL, &b, 1, &water, &o, 2e-6, __LINE__);
    }
}
static void ct_fill(twin *ct, double dx, double dy, double dz) {
    each(&ct->host, [&](unsigned char *p) {
        const double x = draw() % 5 == 0 ? -900 : floor(uniform() * 900) - 200;
        (void)mv_convert_array(NULL, p, ct->host.dtype, &x, MEDVOL_F64, 1, 1.0, 0.0);
    });
    ct->host.affine[0] = dx, ct->host.affine[5] = dy, ct->host.affine[10] = dz;
    memcpy(ct->device.affine, ct->host.affine, sizeof ct->host.affine);
    send(ct);
}
static void test_march_ct(void) {
    static const mv_dtype types[] = {MEDVOL_I16, MEDVOL_F32, MEDVOL_F64};
    mv_stopping water;
    int turn;
    CHECK_STATUS(mv_stopping_init(&cpu, &water, NULL), MEDVOL_OK);
    for (turn = 0; turn < 7; turn++) {
        static const double hu[3] = {-1000, 0, 2000}, power[3] = {0.001, 1, 2}, ratio[3] = {0.001, 1, 3};
        static const shape s = {3, {23, 1, 7}};
        const mv_beam b[2] = {beam_of(33, 0, 2, 0), beam_of(25, 3, 1.5, 0.04)};
        mv_transport_opt o;
        twin ct;
        memset(&o, 0, sizeof o);
        snprintf(about, sizeof about, "march in CT %d", turn);
        twin_make(&ct, types[turn % 3], &s, turn % LAYOUTS);
        ct_fill(&ct, 1.1, 2, 1.7);
        o.angles = turn == 4 ? 163 : 9, o.dangle = turn == 4 ? 0.017 : 0.06, o.most_leak = 1;
        o.fine = turn == 2 ? 1 : 2, o.shift = (mv_transport_shift)(turn % 3);
        o.straight = turn == 3, o.first_order = turn == 5, o.grays = turn % 2;
        o.nuclear = turn == 6 ? 0.012 : 0;
        if (turn == 1) o.hu = hu, o.power = power, o.ratio = ratio, o.points = 3;
        march(&ct.host, &ct.device, b, turn == 4 ? 1u : 2u, &water, &o, 1e-5, __LINE__);
        twin_free(&ct);
    }
}
static void test_march_refused(void) {
    static const shape s = {3, {9, 1, 5}}, thick = {3, {9, 2, 5}};
    const mv_medium dense = {1.85, 0.515, 106, 16.6, 23.0};
    const mv_beam one = beam_of(30, 0, 1, 0);
    const double hu[2] = {0, -1}, fine[2] = {1, 1};
    mv_stopping water, bone;
    mv_transport_report c;
    mv_transport_opt o, base;
    mv_volume h, d, empty;
    mv_cuda_graph graph;
    mv_beam b = one;
    twin ct, wrong, out;
    size_t count = 1;
    memset(&h, 0, sizeof h), memset(&d, 0, sizeof d), memset(&o, 0, sizeof o), memset(&empty, 0, sizeof empty);
    memset(&graph, 0, sizeof graph);
    o.nx = 8, o.angles = 3, o.dangle = 0.1, base = o;
    CHECK_STATUS(mv_stopping_init(&cpu, &water, NULL), MEDVOL_OK);
    CHECK_STATUS(mv_stopping_init(&cpu, &bone, &dense), MEDVOL_OK);
    twin_make(&ct, MEDVOL_F32, &s, PLAIN), twin_make(&out, MEDVOL_F32, &s, PLAIN);
    twin_make(&wrong, MEDVOL_F32, &thick, PLAIN);
    each(&ct.host, [&](unsigned char *p) { memset(p, 0, 4); });
    send(&ct);
    snprintf(about, sizeof about, "march refused");
    auto both = [&](mv_status want, mv_status got, int line) {
        if (got == MEDVOL_OK) got = mv_cuda_sync(&gpu);
        check(want < 0, "the processor refuses", line);
        check_status(got, want, mv_cuda_message(&gpu), line);
        mv_cuda_volume_free(&gpu, &d); /* of what the device found */
    };
#define MARCH(beams, table, where) \
    both(mv_transport_march(&cpu, &h, &c, (where) ? &(where)->host : NULL, beams, count, table, &o), \
         mv_cuda_transport_march(&gpu, &d, NULL, (where) ? &(where)->device : NULL, beams, count, table, &o), __LINE__)
#define BAD(field, value) (o.field = value, MARCH(&b, &water, (twin *)NULL), (void)(o = base))
#define BEAM(field, value) (b.field = value, MARCH(&b, &water, (twin *)NULL), (void)(b = one))
    MARCH((mv_beam *)NULL, &water, (twin *)NULL);
    MARCH(&b, (mv_stopping *)NULL, (twin *)NULL);
    both(mv_transport_march(&cpu, NULL, &c, NULL, &b, 1, &water, NULL),
         mv_cuda_transport_march(&gpu, NULL, NULL, NULL, &b, 1, &water, NULL), __LINE__);
    count = 0;
    MARCH(&b, &water, (twin *)NULL);
    count = 1;
    BAD(nx, 65537), BAD(nz, 65537), BAD(fine, 65), BAD(angles, 4), BAD(angles, 4097), BAD(dx, 1e4), BAD(dz, NAN);
    BAD(thickness, -1), BAD(dangle, 1e-5), BAD(dangle, 1.5), BAD(nuclear, 2), BAD(nuclear_local, -1);
    BAD(shift, (mv_transport_shift)3), BAD(scatter, (mv_scatter_model)3), BAD(most_leak, 2), BAD(hu, hu);
    BAD(dz, 1e-3), BAD(fine, 64); /* the last is found by the device */
    BAD(most_leak, 1e-9);         /* too */
    o.hu = hu, o.power = o.ratio = fine, o.points = 2;
    MARCH(&b, &water, (twin *)NULL);
    o.points = 1;
    MARCH(&b, &water, (twin *)NULL);
    o = base;
    BEAM(energy, 300), BEAM(energy, NAN), BEAM(spread, -1), BEAM(size, 2e3), BEAM(divergence, 2), BEAM(weight, -1);
    BEAM(x, 14), BEAM(angle, 0.5);
    b.energy = 249, b.spread = 5;
    MARCH(&b, &water, (twin *)NULL);
    b = one;
    MARCH(&b, &water, &wrong);
    MARCH(&b, &bone, &ct);
    o.most_leak = 1;
    ((float *)ct.host.data)[11] = NAN, send(&ct);
    MARCH(&b, &water, &ct); /* found by the device */
    ((float *)ct.host.data)[11] = 0, send(&ct);
    o.dangle = 1e-4, o.angles = 1023;
    MARCH(&b, &water, &ct);
    o = base, o.most_leak = 1;
    CHECK(h.data == NULL);
    both(mv_transport_march(&cpu, &wrong.host, &c, &ct.host, &b, 1, &water, &o),
         mv_cuda_transport_march(&gpu, &wrong.device, NULL, &ct.device, &b, 1, &water, &o), __LINE__);
    both(mv_transport_march(&cpu, &ct.host, &c, &ct.host, &b, 1, &water, &o),
         mv_cuda_transport_march(&gpu, &ct.device, NULL, &ct.device, &b, 1, &water, &o), __LINE__);
    CHECK_STATUS(mv_cuda_transport_march(&gpu, &d, &c, NULL, &b, 1, &water, &o), MEDVOL_E_POINTER);
    CHECK_STATUS(mv_cuda_transport_march(&gpu, &d, NULL, &ct.host, &b, 1, &water, &o), MEDVOL_E_POINTER);
    { /* what is there stays; then a graph of it */
        unsigned char *back = (unsigned char *)malloc(out.bytes);
        mv_transport_opt leak;
        memset(&leak, 0, sizeof leak);
        leak.most_leak = 1e-12;
        CHECK_SETTLED(mv_cuda_transport_march(&gpu, &out.device, NULL, &ct.device, &b, 1, &water, &leak),
                      MEDVOL_E_RANGE);
        CHECK(dev_get(back, out.there, out.bytes) && !memcmp(back, out.block, out.bytes));
        CHECK_STATUS(mv_cuda_capture_begin(&gpu), MEDVOL_OK);
        CHECK_STATUS(mv_cuda_transport_march(&gpu, &out.device, NULL, &ct.device, &b, 1, &water, &o), MEDVOL_OK);
        CHECK_STATUS(mv_cuda_capture_end(&gpu, &graph), MEDVOL_OK);
        CHECK_STATUS(mv_cuda_graph_launch(&gpu, &graph), MEDVOL_OK);
        CHECK_STATUS(mv_cuda_sync(&gpu), MEDVOL_OK);
        CHECK_STATUS(mv_transport_march(&cpu, &out.host, &c, &ct.host, &b, 1, &water, &o), MEDVOL_OK);
        CHECK(dev_get(back, out.there, out.bytes));
        for (size_t i = 0; i < 45; i++)
            CHECK(fabsf(((float *)back)[i] - ((float *)out.block)[i]) <= 1e-5f * 10.0f);
        mv_cuda_graph_free(&gpu, &graph);
        free(back);
    }
    twin_free(&ct), twin_free(&wrong), twin_free(&out);
}

/* ---- spots in a volume ---- */
static void dose(const twin *ct, const mv_spot *spots, size_t count, const mv_stopping *p, const mv_transport_opt *o,
                 double by, int line) {
    mv_transport_report c, *g;
    mv_volume h, d;
    void *there = NULL;
    memset(&h, 0, sizeof h), memset(&d, 0, sizeof d);
    CHECK_STATUS(mv_cuda_host_alloc(&gpu, &there, sizeof *g), MEDVOL_OK);
    g = (mv_transport_report *)there;
    memset(g, 0x33, sizeof *g);
    CHECK_STATUS(mv_transport_dose(&cpu, &h, &c, ct ? &ct->host : NULL, spots, count, p, o), MEDVOL_OK);
    CHECK_SETTLED(mv_cuda_transport_dose(&gpu, &d, g, ct ? &ct->device : NULL, spots, count, p, o), MEDVOL_OK);
    same_dose(&h, &d, by, line);
    same_report(g, &c, line);
    keep(g, sizeof *g);
    CHECK_STATUS(mv_cuda_host_free(&gpu, there), MEDVOL_OK);
    mv_volume_free(&cpu, &h), mv_cuda_volume_free(&gpu, &d);
}
static mv_spot spot_of(double energy, double x, double y, double size) {
    mv_spot s;
    memset(&s, 0, sizeof s);
    s.beam = beam_of(energy, x, size, 0);
    s.y = y, s.size_y = size;
    return s;
}
static void test_dose(void) {
    const mv_medium dense = {1.85, 0.515, 106, 16.6, 23.0};
    mv_stopping water, bone;
    mv_spot many[40];
    mv_transport_opt o;
    int turn;
    CHECK_STATUS(mv_stopping_init(&cpu, &water, NULL), MEDVOL_OK);
    CHECK_STATUS(mv_stopping_init(&cpu, &bone, &dense), MEDVOL_OK);
    for (turn = 0; turn < 10; turn++) {
        mv_spot s[5] = {spot_of(32, 0, 0.3, 2), spot_of(25, 3.3, -2, 1.5), spot_of(32, -4, 0.3, 1),
                        spot_of(32, 2, -3, 1), spot_of(25, -1, -2, 0)};
        memset(&o, 0, sizeof o);
        snprintf(about, sizeof about, "dose %d", turn);
        o.nx = turn == 1 ? 67 : turn % 4 == 1 ? 33 : 21, o.dx = turn % 4 == 1 ? 0.5 : 1.0;
        o.ny = turn == 2 ? 1 : turn == 4 ? 67 : 19, o.dy = turn == 4 ? 0.3 : turn == 1 ? 0.8 : 1.2;
        if (turn == 2) o.dy = 30;
        o.angles = turn == 3 ? 3 : 7, o.dangle = 0.05;
        o.dz = turn % 2 ? 3 : 2, o.most_leak = 1, o.nz = turn == 6 ? 0 : 4;
        o.shift = (mv_transport_shift)(turn % 3), o.scatter = (mv_scatter_model)(turn / 2 % 3);
        o.first_order = turn == 7, o.straight = turn == 8, o.csda = turn == 9;
        o.grays = turn % 2, o.nuclear = turn == 5 ? 0.012 : 0;
        s[0].divergence_y = turn == 3 ? 0.05 : 0, s[0].beam.spread = turn == 6 ? 0.5 : 0, s[1].beam.weight = 3;
        if (turn == 5) s[0].y = -11; /* half of it is beyond y */
        dose(NULL, s, turn % 2 ? 5u : turn % 3 + 1u, turn == 2 ? &bone : &water, &o, 2e-6, __LINE__);
    }
    for (turn = 0; turn < 40; turn++) many[turn] = spot_of(20, turn % 7 - 3, 0.25 * turn - 5, 1 + 0.01 * turn);
    memset(&o, 0, sizeof o);
    snprintf(about, sizeof about, "dose of 40 planes");
    o.nx = 9, o.ny = 23, o.angles = 3, o.dangle = 0.05, o.most_leak = 1, o.nz = 4;
    dose(NULL, many, 40, &water, &o, 2e-6, __LINE__);
}
/* Along y a spot's dose is the slab's, in all the energy that stopped; two spots are the sum of each */
static void test_dose_sums(void) {
    enum { NX = 20, NY = 33, NZ = 12 };
    const mv_spot s[2] = {spot_of(40, 1, -2.6, 2), spot_of(33, -2, 3.3, 1)};
    mv_transport_report *g;
    mv_transport_opt o;
    mv_volume d[3], slab, back[3], line;
    mv_stopping water;
    void *there = NULL;
    double most = 0, all = 0;
    int k, x, y, z;
    memset(d, 0, sizeof d), memset(back, 0, sizeof back), memset(&o, 0, sizeof o);
    memset(&slab, 0, sizeof slab), memset(&line, 0, sizeof line);
    snprintf(about, sizeof about, "dose, sums");
    o.nx = NX, o.ny = NY, o.nz = NZ, o.dx = 1, o.dy = 0.8, o.dz = 1.5, o.angles = 15, o.dangle = 0.04;
    o.most_leak = 0.5;
    CHECK_STATUS(mv_stopping_init(&cpu, &water, NULL), MEDVOL_OK);
    CHECK_STATUS(mv_cuda_host_alloc(&gpu, &there, sizeof *g), MEDVOL_OK);
    g = (mv_transport_report *)there;
    for (k = 0; k < 3; k++) {
        CHECK_SETTLED(mv_cuda_transport_dose(&gpu, &d[k], g, NULL, s + k % 2, k == 2 ? 2 : 1, &water, &o), MEDVOL_OK);
        CHECK_STATUS(mv_cuda_download(&gpu, &back[k], &d[k], MEDVOL_NONE, NULL), MEDVOL_OK);
        same_report(g, g, __LINE__);
        CHECK(fabs(g->weight[0] - (k == 2 ? 2 : 1)) <= 1e-12);
    }
    CHECK_SETTLED(mv_cuda_transport_march(&gpu, &slab, NULL, NULL, &s[0].beam, 1, &water, &o), MEDVOL_OK);
    CHECK_STATUS(mv_cuda_download(&gpu, &line, &slab, MEDVOL_NONE, NULL), MEDVOL_OK);
    for (x = 0; x < NX * NZ; x++) most = fmax(most, (double)((float *)line.data)[x]);
    for (z = 0; z < NZ; z++)
        for (x = 0; x < NX; x++) {
            double sum = 0;
            for (y = 0; y < NY; y++) {
                const int at = (z * NY + y) * NX + x;
                const double one = ((float *)back[0].data)[at], two = ((float *)back[1].data)[at];
                sum += one, all += (double)((float *)back[2].data)[at];
                CHECK(fabs(((float *)back[2].data)[at] - one - two) <= 1e-6 * most);
            }
            CHECK(fabs(sum - (double)((float *)line.data)[z * NX + x]) <= 1e-5 * most);
        }
    CHECK(all > 60 && fabs(all - g->energy[MEDVOL_TRANSPORT_STOPPED]) <= 1e-6 * all);
    CHECK_STATUS(mv_cuda_host_free(&gpu, there), MEDVOL_OK);
    for (k = 0; k < 3; k++) mv_volume_free(&cpu, &back[k]), mv_cuda_volume_free(&gpu, &d[k]);
    mv_volume_free(&cpu, &line), mv_cuda_volume_free(&gpu, &slab);
}
static void test_dose_ct(void) {
    static const mv_dtype types[] = {MEDVOL_I16, MEDVOL_F32, MEDVOL_F64};
    mv_stopping water;
    int turn;
    CHECK_STATUS(mv_stopping_init(&cpu, &water, NULL), MEDVOL_OK);
    for (turn = 0; turn < 6; turn++) {
        const shape s = {3, {turn == 1 ? 67u : turn == 3 ? 7u : 23u, turn == 3 ? 45u : 9u, 5}};
        mv_spot q[3] = {spot_of(33, 0, 0.7, 2), spot_of(25, 3, -1.3, 1.5), spot_of(33, -2, 1.1, 0.6)};
        mv_transport_opt o;
        twin ct;
        memset(&o, 0, sizeof o);
        snprintf(about, sizeof about, "dose in CT %d", turn);
        twin_make(&ct, types[turn % 3], &s, turn % LAYOUTS);
        ct_fill(&ct, 1.1, 1.4, 2.3);
        o.angles = turn == 4 ? 21 : 5, o.dangle = turn == 4 ? 0.017 : 0.08, o.most_leak = 1;
        o.shift = (mv_transport_shift)(turn % 3), o.straight = turn == 2, o.first_order = turn == 5;
        o.grays = turn % 2, o.nuclear = turn == 4 ? 0.012 : 0;
        q[1].divergence_y = turn == 0 ? 0.03 : 0, q[1].beam.weight = 2, q[1].beam.energy = turn == 4 ? 33 : 25;
        if (turn == 3) q[0].size_y = 9; /* lights more rows than are marched together */
        if (turn == 5) q[0].y = 6;      /* beyond the end */
        dose(&ct, q, turn == 3 ? 1u : 3u, &water, &o, 1e-5, __LINE__);
        twin_free(&ct);
    }
}
/* What the processor refuses is refused, by what is known at once or by the device */
static void test_dose_refused(void) {
    static const shape s = {3, {9, 5, 5}}, odd = {4, {9, 5, 5, 2}}, other = {3, {9, 5, 6}}, tall = {3, {9, 60, 5}};
    const mv_medium dense = {1.85, 0.515, 106, 16.6, 23.0};
    const mv_spot one = spot_of(30, 0, 0, 1);
    mv_stopping water, bone;
    mv_transport_report c, was;
    mv_transport_opt o, base;
    mv_volume h, d;
    mv_spot b = one;
    twin ct, wrong, out, rows;
    double spread[3];
    size_t count = 1;
    memset(&h, 0, sizeof h), memset(&d, 0, sizeof d), memset(&o, 0, sizeof o);
    o.nx = 9, o.ny = 7, o.angles = 3, o.dangle = 0.1, base = o;
    CHECK_STATUS(mv_stopping_init(&cpu, &water, NULL), MEDVOL_OK);
    CHECK_STATUS(mv_stopping_init(&cpu, &bone, &dense), MEDVOL_OK);
    twin_make(&ct, MEDVOL_F32, &s, PLAIN), twin_make(&out, MEDVOL_F32, &s, PLAIN);
    twin_make(&wrong, MEDVOL_F32, &odd, PLAIN);
    each(&ct.host, [&](unsigned char *p) { memset(p, 0, 4); });
    send(&ct);
    snprintf(about, sizeof about, "dose refused");
    auto both = [&](mv_status want, mv_status got, int line) {
        if (got == MEDVOL_OK) got = mv_cuda_sync(&gpu);
        check(want < 0, "the processor refuses", line);
        check_status(got, want, mv_cuda_message(&gpu), line);
        mv_cuda_volume_free(&gpu, &d);
    };
#define DOSE(spots, table, where) \
    both(mv_transport_dose(&cpu, &h, &c, (where) ? &(where)->host : NULL, spots, count, table, &o), \
         mv_cuda_transport_dose(&gpu, &d, NULL, (where) ? &(where)->device : NULL, spots, count, table, &o), __LINE__)
#define OPT(field, value) (o.field = value, DOSE(&b, &water, (twin *)NULL), (void)(o = base))
#define SPOT(field, value) (b.field = value, DOSE(&b, &water, (twin *)NULL), (void)(b = one))
    DOSE((mv_spot *)NULL, &water, (twin *)NULL);
    DOSE(&b, (mv_stopping *)NULL, (twin *)NULL);
    both(mv_transport_dose(&cpu, NULL, &c, NULL, &b, 1, &water, NULL),
         mv_cuda_transport_dose(&gpu, NULL, NULL, NULL, &b, 1, &water, NULL), __LINE__);
    count = 0;
    DOSE(&b, &water, (twin *)NULL);
    count = 65537;
    DOSE(&b, &water, (twin *)NULL);
    count = 1;
    OPT(spread, spread), OPT(nx, 65537), OPT(nz, 65537), OPT(angles, 4), OPT(ny, 65537), OPT(dy, NAN), OPT(dy, -1);
    OPT(dy, 1e4), OPT(dz, 1e-3), OPT(nuclear, -1), OPT(fine, 50), OPT(most_leak, 1e-9);
    SPOT(y, 3.5), SPOT(y, NAN), SPOT(size_y, -1), SPOT(size_y, NAN), SPOT(size_y, 2e3), SPOT(divergence_y, 1.5);
    SPOT(divergence_y, NAN), SPOT(beam.energy, 251), SPOT(beam.x, 12), SPOT(beam.spread, -1);
    SPOT(y, 3.2); /* a half leaves: found by the device, by y's sides alone */
    SPOT(divergence_y, 0.3); /* by the energy alone */
    DOSE(&b, &water, &wrong);
    DOSE(&b, &bone, &ct);
    o.most_leak = 1;
    ((float *)ct.host.data)[11] = NAN, send(&ct); /* found by the device */
    DOSE(&b, &water, &ct);
    ((float *)ct.host.data)[11] = 0, send(&ct);
    twin_make(&rows, MEDVOL_F32, &tall, PLAIN);
    each(&rows.host, [&](unsigned char *p) { memset(p, 0, 4); });
    ((float *)rows.host.data)[1] = INFINITY, send(&rows);
    DOSE(&b, &water, &rows); /* of a row that no spot lights */
    twin_free(&rows);
    ct.host.affine[6] = ct.device.affine[6] = 0.01; /* z leans along y */
    DOSE(&b, &water, &ct);
    CHECK(strstr(mv_cuda_message(&gpu), "axes 1 and 2 of ct are not at right angles") != NULL);
    ct.host.affine[6] = ct.device.affine[6] = 0;
    o.dangle = 1e-4, o.angles = 1023;
    DOSE(&b, &water, &ct);
    o = base, o.most_leak = 1;
    o.fine = 50;
    DOSE(&b, &water, &ct); /* in a CT by the device */
    o = base, o.most_leak = 1;
    CHECK(h.data == NULL);
    both(mv_transport_dose(&cpu, &ct.host, &c, &ct.host, &b, 1, &water, &o),
         mv_cuda_transport_dose(&gpu, &ct.device, NULL, &ct.device, &b, 1, &water, &o), __LINE__);
    twin_free(&wrong), twin_make(&wrong, MEDVOL_F32, &other, PLAIN);
    both(mv_transport_dose(&cpu, &wrong.host, &c, &ct.host, &b, 1, &water, &o),
         mv_cuda_transport_dose(&gpu, &wrong.device, NULL, &ct.device, &b, 1, &water, &o), __LINE__);
    CHECK_STATUS(mv_cuda_transport_dose(&gpu, &d, &c, NULL, &b, 1, &water, &o), MEDVOL_E_POINTER);
    CHECK_STATUS(mv_cuda_transport_dose(&gpu, &d, NULL, &ct.host, &b, 1, &water, &o), MEDVOL_E_POINTER);
    { /* dose and report stay where the device refuses; then a graph, launched twice */
        unsigned char *back = (unsigned char *)malloc(out.bytes);
        mv_transport_report *g;
        mv_cuda_graph graph;
        mv_transport_opt leak = o;
        void *there = NULL;
        int k;
        memset(&graph, 0, sizeof graph);
        CHECK_STATUS(mv_cuda_host_alloc(&gpu, &there, sizeof *g), MEDVOL_OK);
        g = (mv_transport_report *)there;
        memset(g, 0x33, sizeof *g), was = *g;
        leak.most_leak = 1e-12;
        CHECK_SETTLED(mv_cuda_transport_dose(&gpu, &out.device, g, &ct.device, &b, 1, &water, &leak), MEDVOL_E_RANGE);
        CHECK(dev_get(back, out.there, out.bytes) && !memcmp(back, out.block, out.bytes));
        CHECK(!memcmp(g, &was, sizeof was));
        CHECK_STATUS(mv_cuda_capture_begin(&gpu), MEDVOL_OK);
        CHECK_STATUS(mv_cuda_transport_dose(&gpu, &out.device, g, &ct.device, &b, 1, &water, &o), MEDVOL_OK);
        CHECK_STATUS(mv_cuda_capture_end(&gpu, &graph), MEDVOL_OK);
        CHECK_STATUS(mv_transport_dose(&cpu, &out.host, &c, &ct.host, &b, 1, &water, &o), MEDVOL_OK);
        for (k = 0; k < 2; k++) {
            memset(g, 0x33, sizeof *g);
            CHECK_STATUS(mv_cuda_graph_launch(&gpu, &graph), MEDVOL_OK);
            CHECK_STATUS(mv_cuda_sync(&gpu), MEDVOL_OK);
            same_dose(&out.host, &out.device, 1e-5, __LINE__);
            same_report(g, &c, __LINE__);
        }
        mv_cuda_graph_free(&gpu, &graph);
        CHECK_STATUS(mv_cuda_host_free(&gpu, there), MEDVOL_OK);
        free(back);
    }
    twin_free(&ct), twin_free(&wrong), twin_free(&out);
}

SUITE(transport, {"steps", test_steps}, {"beam", test_beam}, {"traffic", test_traffic}, {"refused", test_refused},
      {"march", test_march}, {"march_ct", test_march_ct}, {"march_refused", test_march_refused},
      {"dose", test_dose}, {"dose_sums", test_dose_sums}, {"dose_ct", test_dose_ct}, {"dose_refused", test_dose_refused});
