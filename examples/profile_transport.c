/* profile_transport - protons: a step in energy, angle, depth and x; whole beams plane by plane.

   Build:  cc -O2 examples/profile_transport.c -lm -lpthread -o profile_transport
   Run:    ./profile_transport 256 5
   Shows:  what a step costs on five grids, each coarser than the last (SIZE below 256: all axes smaller, by
   the same share), and that marching a beam through all its planes takes about as long as one step of the
   finest, for it holds one plane at a time. Weight and energy must balance. */
#include "example.h"

static void profile_transport_balance(ex *e, const mv_transport_report *r) {
    double w = r->weight[MEDVOL_TRANSPORT_IN], t = r->energy[MEDVOL_TRANSPORT_IN];
    int k;
    for (k = 1; k < MEDVOL_TRANSPORT_SINKS; k++) w -= r->weight[k], t -= r->energy[k];
    EX_EXPECT(e, fabs(w) < 1e-6 * r->weight[0] && fabs(t) < 1e-6 * r->energy[0],
              "transport: weight and energy balance");
}
static size_t profile_transport_part(size_t n, double part, size_t least) {
    const size_t m = (size_t)((double)n * part + 0.5);
    return m > least ? m : least;
}
static void profile_transport_step(ex *e, const mv_stopping *water, const size_t *full, double part) {
    char name[96];
    size_t dim[4], i;
    mv_volume psi, dose;
    mv_transport_grid g;
    mv_transport_report r;
    double *axis;
    dim[0] = profile_transport_part(full[0], part, 4);
    dim[1] = profile_transport_part(full[1], part, 4);
    dim[2] = profile_transport_part(full[2], part, 5);
    dim[3] = profile_transport_part(full[3], part, 8);
    snprintf(name, sizeof name, "step of %zux%zux%zux%zu", full[0], full[1], full[2], full[3]);
    memset(&psi, 0, sizeof psi);
    memset(&dose, 0, sizeof dose);
    memset(&g, 0, sizeof g);
    EX_OK(mv_volume_alloc(&e->ctx, &psi, MEDVOL_F32, 4, dim));
    EX_OK(mv_volume_alloc(&e->ctx, &dose, MEDVOL_F64, 2, dim));
    if (!(axis = (double *)malloc(dim[3] * sizeof *axis))) ex_quit(e, EX_MEMORY, "no memory");
    EX_OK(mv_transport_energies(&e->ctx, axis, dim[3], 1.0, 100.0, 0, NULL));
    g.nx = dim[0], g.nz = dim[1], g.angles = dim[2], g.energies = dim[3];
    g.dx = g.dz = 2.0;
    g.dangle = 3.14159265358979 / (double)dim[2];
    g.angle = -0.5 * g.dangle * (double)(dim[2] - 1);
    g.energy = axis, g.cutoff = 2.0;
    for (i = 0; i < mv_volume_count(&psi); i++)
        ((float *)psi.data)[i] = 1e-3f * (float)(1 + ex_hash(i) % 1000);
    memset(dose.data, 0, (size_t)ex_bytes(&dose));
    EX_OK(mv_transport_step(&e->ctx, (float *)psi.data, (double *)dose.data, &r, &g, water, 1.0, NULL));
    profile_transport_balance(e, &r);
    for (ex_begin(e, name, &psi, 0, 0, ex_bytes(&psi), 0); ex_more(e);)
        EX_OK(mv_transport_step(&e->ctx, (float *)psi.data, (double *)dose.data, NULL, &g, water, 1.0, NULL));
    free(axis);
    mv_volume_free(&e->ctx, &psi);
    mv_volume_free(&e->ctx, &dose);
}
static void profile_transport_beam(ex *e, const mv_stopping *water, double energy, double dz) {
    char name[96];
    mv_volume dose;
    mv_beam beam;
    mv_transport_opt o;
    mv_transport_report r;
    mv_depth_dose_measures m;
    double range;
    snprintf(name, sizeof name, "beam of %g MeV, planes of %g mm", energy, dz);
    memset(&dose, 0, sizeof dose);
    memset(&beam, 0, sizeof beam);
    memset(&o, 0, sizeof o);
    beam.energy = energy, beam.size = 3.0;
    o.dz = dz, o.angles = 51, o.fine = energy < 100.0 ? 2 : 1;
    EX_OK(mv_transport_march(&e->ctx, &dose, &r, NULL, &beam, 1, water, &o));
    profile_transport_balance(e, &r);
    EX_OK(mv_depth_dose(&e->ctx, NULL, NULL, &m, &dose));
    EX_OK(mv_stopping_range(&e->ctx, &range, water, &energy, 1));
    EX_EXPECT(e, fabs(m.r80 - 10.0 * range) < 0.3 * dz, "transport: R80 within 0.3 planes of the range");
    for (ex_begin_still(e, name, &dose); ex_more(e);)
        EX_OK(mv_transport_march(&e->ctx, &dose, NULL, NULL, &beam, 1, water, &o));
    mv_volume_free(&e->ctx, &dose);
}
static void profile_transport(ex *e) {
    static const size_t grid[5][4] = {{40, 40, 72, 200}, {40, 40, 36, 200}, {30, 30, 72, 140},
        {30, 30, 48, 140}, {25, 25, 36, 120}};
    mv_volume head;
    mv_stopping water;
    double part;
    int k;

    ex_input(e, &head, MEDVOL_F32); /* its voxels say how large the grids are */
    part = pow((double)mv_volume_count(&head) / 16777216.0, 0.25);
    mv_volume_free(&e->ctx, &head);
    EX_OK(mv_stopping_init(&e->ctx, &water, NULL));
    for (k = 0; k < 5; k++) profile_transport_step(e, &water, grid[k], part < 1.0 ? part : 1.0);
    profile_transport_beam(e, &water, 70.0, part < 0.5 ? 2.0 : 1.0);
    profile_transport_beam(e, &water, 150.0, part < 0.5 ? 2.0 : 1.0);
}
EX_PROFILER(profile_transport, "transport of protons: steps in four axes, beams plane by plane")
