/* rows_transport.c - protons: tables, depth marching, a step in energy, angle, z and x. */
#define BENCH_MARK_CALLS
#include "bench.h"

enum { MANY = 1000, NX = 40, NZ = 40, NA = 72, NE = 200, CELLS = NX * NZ * NA * NE };
typedef struct protons {
    mv_stopping water, other;
    mv_medium medium;
    mv_transport_grid grid;
    mv_transport_report report;
    mv_depth_dose_measures measures;
    mv_volume psi, ct;
    double energy[MANY], from[MANY], to[MANY], axis[NE], dose[NX * NZ];
} protons;
static protons *own(bench *b) { return (protons *)b->own; }
static mv_status setup(bench *b) {
    protons *q = (protons *)calloc(1, sizeof *q);
    size_t i;
    if (!(b->own = q)) return MEDVOL_E_NOMEM;
    for (i = 0; i < MANY; i++) q->energy[i] = 1 + 240 * (double)i / MANY;
    return mv_stopping_init(b->ctx, &q->water, NULL);
}
static mv_status ct_of(bench *b, size_t rows) {
    const double mm[3] = {1, 1, 1};
    const size_t dim[3] = {64, rows, 60};
    protons *q;
    size_t i;
    mv_status st = setup(b);
    if (st < 0) return st;
    q = own(b);
    if ((st = mv_volume_alloc(b->ctx, &q->ct, MEDVOL_I16, 3, dim)) < 0) return st;
    mv_affine_from_spacing(q->ct.affine, mm, NULL);
    for (i = 0; i < 64 * rows * 60; i++) ((int16_t *)q->ct.data)[i] = (int16_t)(i % 64 < 32 ? 0 : 100);
    return st;
}
static mv_status ct_setup(bench *b) { return ct_of(b, 1); }
static mv_status volume_setup(bench *b) { return ct_of(b, 12); }
static mv_status step_setup(bench *b) {
    const size_t n = CELLS;
    protons *q;
    size_t i;
    mv_status st = setup(b);
    if (st < 0) return st;
    q = own(b);
    q->grid.nx = NX, q->grid.nz = NZ, q->grid.angles = NA, q->grid.energies = NE;
    q->grid.dx = q->grid.dz = 2, q->grid.dangle = 0.04363323, q->grid.angle = -35.5 * q->grid.dangle;
    q->grid.energy = q->axis, q->grid.cutoff = 2;
    if ((st = mv_transport_energies(b->ctx, q->axis, NE, 1, 100, 0, NULL)) < 0) return st;
    if ((st = mv_volume_alloc(b->ctx, &q->psi, MEDVOL_F32, 1, &n)) < 0) return st;
    for (i = 0; i < n; i++) ((float *)q->psi.data)[i] = (float)(i % 1000) * 1e-3f;
    return st;
}
static void done(bench *b) {
    protons *q = own(b);
    if (q) mv_volume_free(b->ctx, &q->psi), mv_volume_free(b->ctx, &q->ct);
    free(q);
}
static mv_status tables(bench *b) { /* three tables of a thousand energies */
    protons *q = own(b);
    mv_status st = mv_stopping_power(b->ctx, q->to, &q->water, q->energy, MANY);
    b->numbers = 1;
    if (st == MEDVOL_OK)
        st = mv_scattering_power(b->ctx, q->to, &q->water, q->energy, MANY, 245, MEDVOL_SCATTER_MOLIERE);
    if (st == MEDVOL_OK) st = mv_stopping_range(b->ctx, q->from, &q->water, q->energy, MANY);
    if (st == MEDVOL_OK) st = mv_stopping_energy(b->ctx, q->to, &q->water, q->from, MANY);
    return st;
}
static int check_tables(bench *b) {
    const protons *q = own(b);
    size_t i;
    for (i = 0; i < MANY; i++)
        if (!(fabs(q->to[i] - q->energy[i]) < 1e-9 * q->energy[i])) return 1;
    return 0;
}
static mv_status making(bench *b) {
    static const double z[2] = {1, 8}, a[2] = {1.008, 15.999}, share[2] = {0.111894, 0.888106};
    protons *q = own(b);
    mv_status st = mv_medium_make(b->ctx, &q->medium, z, a, share, 2, 1, 75);
    b->numbers = 1;
    if (st == MEDVOL_OK) st = mv_stopping_init(b->ctx, &q->other, &q->medium);
    if (st == MEDVOL_OK) st = mv_transport_energies(b->ctx, q->axis, NE, 2, 200, 2, &q->other);
    return st < 0 ? st : mv_gaussian_discrete(b->ctx, q->to, MANY, 30);
}
static int check_making(bench *b) {
    const protons *q = own(b);
    double sum = q->to[0];
    size_t i;
    for (i = 1; i < MANY; i++) sum += 2 * q->to[i];
    return !(fabs(sum - 1) < 1e-9 && fabs(q->medium.scattering - 46.88) < 0.01);
}
static mv_status march(bench *b, double energy, int tissue) {
    protons *q = own(b);
    mv_beam beam = {energy, 0, 0, 3, 0, 0, 0};
    mv_transport_opt o = {0};
    mv_status st;
    o.fine = 1, o.angles = 51;
    b->numbers = 1;
    mv_volume_free(b->ctx, &b->aux[0]);
    st = mv_transport_march(b->ctx, &b->aux[0], &q->report, tissue ? &q->ct : NULL, &beam, 1, &q->water, &o);
    return st < 0 ? st : mv_depth_dose(b->ctx, NULL, NULL, &q->measures, &b->aux[0]);
}
static mv_status march70(bench *b) { return march(b, 70, 0); }
static mv_status march150(bench *b) { return march(b, 150, 0); }
static mv_status march_ct(bench *b) { return march(b, 70, 1); }
static mv_status dose(bench *b, int tissue) { /* of a spot: one plane in water, one for each row in a CT */
    protons *q = own(b);
    mv_spot spot;
    mv_transport_opt o = {0};
    memset(&spot, 0, sizeof spot);
    spot.beam.energy = 70, spot.beam.size = 3, spot.size_y = tissue ? 1 : 3;
    o.nx = 64, o.ny = 48, o.fine = 1, o.angles = 51;
    b->numbers = 1;
    mv_volume_free(b->ctx, &b->aux[0]);
    return mv_transport_dose(b->ctx, &b->aux[0], &q->report, tissue ? &q->ct : NULL, &spot, 1, &q->water, &o);
}
static mv_status dose_water(bench *b) { return dose(b, 0); }
static mv_status dose_ct(bench *b) { return dose(b, 1); }
static int balanced(const mv_transport_report *r) {
    double w = r->weight[0], e = r->energy[0];
    int k;
    for (k = 1; k < MEDVOL_TRANSPORT_SINKS; k++) w -= r->weight[k], e -= r->energy[k];
    return fabs(w) < 1e-6 * r->weight[0] && fabs(e) < 1e-6 * r->energy[0];
}
static int check70(bench *b) {
    return !(balanced(&own(b)->report) && fabs(own(b)->measures.r80 - 40.8) < 0.3);
}
static int check150(bench *b) {
    return !(balanced(&own(b)->report) && fabs(own(b)->measures.r80 - 157.78) < 0.3);
}
static int check_ct(bench *b) {
    return !(balanced(&own(b)->report) && fabs(own(b)->measures.total - 70) < 0.1);
}
static int check_dose(bench *b) {
    const protons *q = own(b);
    return !(balanced(&q->report) && fabs(q->report.energy[MEDVOL_TRANSPORT_STOPPED] - 70) < 0.1);
}
static mv_status step(bench *b) {
    protons *q = own(b);
    b->numbers = 1;
    return mv_transport_step(b->ctx, (float *)q->psi.data, q->dose, NULL, &q->grid, &q->water, 1, NULL);
}
static int check_step(bench *b) {
    protons *q = own(b);
    return mv_transport_step(b->ctx, (float *)q->psi.data, q->dose, &q->report, &q->grid, &q->water, 1,
                             NULL) < 0 ||
           !balanced(&q->report);
}
/* Multiply-adds: a spline and its inverse some 300 of doubles an energy; a step about 7 taps of angle, 8 of
   place, 4 of energy a cell; the marching likewise, for the cells on their way. */
static double work_tables(const bench *b) { (void)b; return 2.0 * 600 * MANY; }
static double work_making(const bench *b) { (void)b; return 2.0 * 300 * NE; }
static double work70(const bench *b) { (void)b; return 24.0 * 47 * 12 * 51 * 64; }
static double work150(const bench *b) { (void)b; return 24.0 * 176 * 20 * 51 * 64; }
static double work_dose(const bench *b) { return work70(b) + 2.0 * 47 * 48 * 64; }
static double work_dose_ct(const bench *b) { return 12.0 * work_dose(b); }
static double work_step(const bench *b) { (void)b; return 19.0 * CELLS; }
#define ROW(name, run, right, count, how)                                                                    \
    {name, MEDVOL_F32, run, .check = right, .work = count, .setup = how, .done = done, .most = 1}
const bench_row rows_transport[] = {
    ROW("proton tables, 1000", tables, check_tables, work_tables, setup),
    ROW("proton medium, kernel", making, check_making, work_making, setup),
    ROW("protons of 70 MeV", march70, check70, work70, setup),
    ROW("protons of 150 MeV", march150, check150, work150, setup),
    ROW("protons in a CT's slab", march_ct, check_ct, work70, ct_setup),
    ROW("protons in a volume", dose_water, check_dose, work_dose, setup),
    ROW("protons in a CT's volume", dose_ct, check_dose, work_dose_ct, volume_setup),
    ROW("protons, 40x40x72x200", step, check_step, work_step, step_setup),
    {0},
};
#undef ROW
