/* fuzz_transport.c - media, beams, CTs, grids of any numbers: what comes back is finite and balances. */
#include "fuzz.h"

static double usual(double lo, double hi) { /* within, as a rule */
    return fz_byte() > 245 ? fz_number() : lo + (hi - lo) * (double)fz_byte() / 255;
}
static mv_status medium(fz_step *s, mv_stopping *t) {
    double z[3], a[3], w[3];
    mv_medium m;
    mv_status st;
    int k;
    if (fz_byte() > 60) return mv_stopping_init(s->ctx, t, NULL);
    for (k = 0; k < 3; k++) z[k] = usual(1, 30), a[k] = 2.1 * z[k], w[k] = usual(0, 1);
    st = mv_medium_make(s->ctx, &m, z, a, w, 1 + fz_byte() % 3, usual(0.1, 5), usual(20, 300));
    if (st < 0) return st;
    MUST(m.radiation > 0 && m.scattering > 0);
    if (fz_byte() > 240) m.density = fz_number();
    return mv_stopping_init(s->ctx, t, &m);
}
static void balanced(const mv_transport_report *r) {
    double w = r->weight[0], e = r->energy[0];
    int k;
    for (k = 1; k < MEDVOL_TRANSPORT_SINKS; k++) w -= r->weight[k], e -= r->energy[k];
    MUST(fabs(w) <= 1e-5 * r->weight[0] && fabs(e) <= 1e-5 * r->energy[0]);
}
static mv_status op_tables(fz_step *s) {
    mv_stopping t;
    double e[4], d[4], back[4], k[40];
    mv_status st = medium(s, &t);
    int i;
    if (st < 0) return st;
    for (i = 0; i < 4; i++) e[i] = usual(1, 250), d[i] = 7;
    st = mv_gaussian_discrete(s->ctx, k, fz_byte() % 40, usual(0, 50));
    if (st < 0) return st;
    st = mv_scattering_power(s->ctx, d, &t, e, 4, usual(200, 250), (mv_scatter_model)(fz_byte() % 4));
    for (i = 0; i < 4; i++) MUST(st < 0 ? d[i] == 7 : d[i] >= 0);
    st = mv_stopping_range(s->ctx, d, &t, e, 4);
    if (st < 0) return st;
    if ((st = mv_stopping_energy(s->ctx, back, &t, d, 4)) < 0) return st;
    for (i = 0; i < 4; i++) MUST(fabs(back[i] - e[i]) <= 1e-6 * e[i]);
    st = mv_stopping_power(s->ctx, d, &t, e, 4);
    for (i = 0; i < 4 && st == MEDVOL_OK; i++) MUST(d[i] > 0 && d[i] < 1e4);
    return st;
}
static mv_status op_march(fz_step *s) {
    mv_stopping t;
    mv_beam b[2];
    mv_transport_opt o;
    mv_transport_report r;
    mv_depth_dose_measures m;
    mv_status st = medium(s, &t);
    int k;
    if (st < 0) return st;
    memset(&o, 0, sizeof o);
    memset(b, 0, sizeof b);
    for (k = 0; k < 2; k++) {
        b[k].energy = usual(5, 60), b[k].spread = usual(0, 1), b[k].x = usual(-5, 5), b[k].size = usual(0, 3);
        b[k].angle = usual(-0.1, 0.1), b[k].divergence = usual(0, 0.05), b[k].weight = usual(0, 2);
    }
    o.nx = fz_byte() > 250 ? fz_size() : 12 + fz_byte() % 20, o.nz = 3 + fz_byte() % 30;
    o.dx = usual(0.5, 2), o.dz = usual(1, 3), o.angles = 3 + 2 * (fz_byte() % 12) + (fz_byte() > 250);
    o.dangle = usual(0.02, 0.05), o.fine = fz_byte() % 4, o.most_leak = usual(0.5, 1);
    o.first_order = fz_byte() & 1, o.straight = fz_byte() > 200, o.csda = fz_byte() > 200,
    o.grays = fz_byte() & 1;
    o.nuclear = fz_byte() > 128 ? usual(0, 0.05) : 0, o.nuclear_local = usual(0, 1);
    o.shift = (mv_transport_shift)(fz_byte() % 3), o.scatter = (mv_scatter_model)(fz_byte() % 3);
    st = mv_transport_march(s->ctx, s->dst, &r, fz_byte() > 128 ? s->src : NULL, b, fz_byte() % 3, &t, &o);
    if (st < 0) return st;
    balanced(&r);
    s->loose = 1e-5 * (1 + r.weight[MEDVOL_TRANSPORT_IN]); /* of as many protons */
    if (mv_depth_dose(s->ctx, NULL, NULL, &m, s->dst) == MEDVOL_OK) MUST(m.total > 0);
    return st;
}
static mv_status op_dose(fz_step *s) {
    mv_stopping t;
    mv_spot b[3];
    mv_transport_opt o;
    mv_transport_report r;
    mv_status st = medium(s, &t);
    size_t count;
    int k;
    if (st < 0) return st;
    memset(&o, 0, sizeof o);
    memset(b, 0, sizeof b);
    for (k = 0; k < 3; k++) {
        b[k].beam.energy = fz_byte() > 128 ? 30 : usual(5, 50), b[k].beam.spread = fz_byte() & 1;
        b[k].beam.x = usual(-4, 4), b[k].beam.size = usual(0, 3), b[k].beam.weight = usual(0, 2);
        b[k].y = usual(-2, 2), b[k].size_y = usual(0, 3), b[k].divergence_y = usual(0, 0.05);
    }
    o.nx = 8 + fz_byte() % 9, o.nz = 3 + fz_byte() % 20;
    o.ny = fz_byte() > 250 ? fz_size() : 4 + fz_byte() % 6;
    o.dx = usual(0.5, 2), o.dy = usual(1, 2), o.dz = usual(1, 3), o.angles = 3 + 2 * (fz_byte() % 8);
    o.dangle = usual(0.02, 0.05), o.most_leak = usual(0.5, 1), o.nuclear = usual(0, 0.02);
    o.nuclear_local = usual(0, 1), o.straight = fz_byte() > 200, o.csda = fz_byte() > 200;
    o.grays = fz_byte() & 1;
    count = fz_byte() % 4;
    st = mv_transport_dose(s->ctx, s->dst, &r, fz_byte() > 128 ? s->src : NULL, b, count, &t, &o);
    if (st < 0) return st;
    balanced(&r);
    s->loose = 1e-5 * (1 + r.weight[MEDVOL_TRANSPORT_IN]); /* of as many protons */
    return st;
}
static mv_status op_step(fz_step *s) {
    static float psi[6 * 7 * 4 * 5];
    double energy[6], dose[20];
    mv_stopping t;
    mv_transport_grid g;
    mv_transport_step_opt o;
    mv_transport_report r;
    mv_status st = medium(s, &t);
    size_t i;
    if (st < 0) return st;
    memset(&o, 0, sizeof o);
    memset(&g, 0, sizeof g);
    g.nx = 1 + fz_byte() % 5, g.nz = 1 + fz_byte() % 4, g.angles = 1 + fz_byte() % 7,
    g.energies = 2 + fz_byte() % 5;
    g.dx = usual(0.5, 3), g.dz = usual(0.5, 3), g.angle = usual(-3, 3), g.dangle = usual(0.05, 0.8);
    g.energy = energy, g.cutoff = usual(3, 5);
    if ((st = mv_transport_energies(s->ctx, energy, g.energies, 2, usual(20, 200), fz_byte() % 3, &t)) < 0)
        return st;
    o.strang = fz_byte() & 1, o.straight = fz_byte() > 200, o.backward = (mv_backward)(fz_byte() % 4);
    o.scatter = (mv_scatter_model)(fz_byte() % 3);
    for (i = 0; i < sizeof psi / sizeof *psi; i++) psi[i] = (float)(fz_noise() % 100);
    for (i = 0; i < 20; i++) dose[i] = 0;
    st = mv_transport_step(s->ctx, psi, dose, &r, &g, &t, usual(0.1, 4), &o);
    if (st == MEDVOL_OK) balanced(&r);
    return st;
}
static const fz_op ops[] = {op_tables, op_march, op_step, op_dose};
FUZZ(transport) { return fz_steps(p, n, ops, sizeof ops / sizeof *ops, 1 << 26); }
