/* fuzz_field.c - warps, fields and points through chains of any sort; determinants, flows and inverses of
   fields. */
#include "fuzz.h"

enum { MOST = 3, ROOM = 3 * 9 * 8 * 7 };
static float moves[MOST][ROOM];
static double wild; /* what the chain was told, in mm or without a unit */
static int made;    /* it has fields that were made of others */

static double told(double x) {
    wild = fmax(wild, x == x ? fabs(x) : HUGE_VAL);
    return x;
}
static double part(void) { return (double)fz_byte() / 128 - 1; }
static mv_status field(mv_ctx *c, mv_volume *v, float *p) {
    size_t dim[5], i;
    mv_status st;
    dim[0] = 1 + fz_byte() % 9, dim[1] = 1 + fz_byte() % 8, dim[2] = 1 + fz_byte() % 7, dim[3] = 1;
    dim[4] = fz_byte() > 200 ? 2 : 3;
    if (dim[4] == 2) dim[2] = 1;
    for (i = 0; i < ROOM; i++) p[i] = (float)((double)(fz_noise() & 0xffff) / 32768 - 1);
    if (fz_byte() > 220) p[fz_byte() % 16] = (float)told(fz_number());
    if (fz_byte() > 250) dim[fz_byte() % 5] = 1 + fz_byte() % 3;
    if (dim[4] > 3 || dim[3] > 1) dim[0] = dim[1] = 1;
    st = mv_volume_wrap(c, v, p, MEDVOL_F32, 5, dim, NULL);
    for (i = 0; st == MEDVOL_OK && i < 12; i++) {
        v->affine[i] = i % 5 == 0 ? 1 + part() / 2 : dim[4] == 2 && i % 4 != 3 && i > 1 ? 0 : part() / 4;
        if (fz_byte() > 252) v->affine[i] = told(fz_number());
    }
    return st;
}
static mv_status chain(fz_step *s, mv_transform *t, mv_volume *f, size_t *n) {
    size_t i, k;
    mv_status st = MEDVOL_OK;
    wild = 0;
    made = 0;
    memset(t, 0, MOST * sizeof *t);
    *n = fz_byte() % (MOST + 1);
    for (i = 0; i < *n && st == MEDVOL_OK; i++) {
        t[i].kind = (mv_transform_kind)(1 + fz_byte() % 4);
        if (fz_byte() > 250) t[i].kind = (mv_transform_kind)fz_byte();
        t[i].inverse = fz_byte() > 200;
        for (k = 0; k < 12; k++) t[i].affine[k] = k % 5 == 0 ? 1 + part() / 2 : part() / 4;
        if (fz_byte() > 240) t[i].affine[fz_byte() % 12] = told(fz_number());
        st = field(s->ctx, &f[i], moves[i]);
        t[i].field = fz_byte() > 250 ? NULL : &f[i];
        if (t[i].kind != MEDVOL_TRANSFORM_VELOCITY && !t[i].inverse) continue;
        /* whether others have an inverse hangs on last bits */
        if (wild > 0) t[i].kind = MEDVOL_TRANSFORM_AFFINE, t[i].inverse = 0;
        for (k = 0; k < ROOM; k++) moves[i][k] *= 0.1f;
        made = 1;
    }
    return st;
}
static mv_status op_warp(fz_step *s) {
    mv_transform t[MOST];
    mv_volume f[MOST], grid;
    mv_warp_opt o;
    size_t n, i, shape[7], fields = 0;
    uint8_t nothing[1];
    mv_status st = chain(s, t, f, &n);
    memset(&o, 0, sizeof o);
    if (st < 0) return st;
    o.interp = (mv_interp)(fz_byte() % 6);
    o.border = (mv_border)(fz_byte() % 6);
    o.labels = fz_byte() > 200;
    if (fz_byte() & 1) o.value = fz_number();
    if (fz_byte() & 1) o.dtype = fz_type();
    for (i = 0; i < 7; i++) shape[i] = fz_size();
    st = mv_volume_wrap(s->ctx, &grid, nothing, MEDVOL_U8, 1 + (int)(fz_byte() % 7), shape, NULL);
    if (st < 0) return st;
    for (i = 0; i < 12; i++) grid.affine[i] += part() / 2;
    for (i = 0; i < n; i++) fields += t[i].kind != MEDVOL_TRANSFORM_AFFINE;
    /* beside a tie, and far away, last bits of a displacement decide */
    s->loose = wild > 1e3 || made || o.labels || (o.interp == MEDVOL_NEAREST && fields) ? HUGE_VAL : 1e-2;
    if (o.interp == MEDVOL_NEAREST && !fields && !o.labels) s->loose = 0;
    return mv_warp(s->ctx, s->dst, s->src, fz_byte() & 1 ? &grid : s->src, t, n, &o);
}
static mv_status op_field(fz_step *s) {
    mv_transform t[MOST];
    mv_volume f[MOST];
    size_t n;
    mv_status st = chain(s, t, f, &n);
    if (st < 0) return st;
    s->loose = wild > 1e3 || made ? HUGE_VAL : 1e-3;
    return mv_transform_field(s->ctx, s->dst, s->src, t, n);
}
static mv_status op_points(fz_step *s) {
    mv_transform t[MOST];
    mv_volume f[MOST];
    double x[3][20];
    size_t n, i, k;
    mv_status st = chain(s, t, f, &n);
    for (k = 0; k < 3; k++)
        for (i = 0; i < 20; i++) x[k][i] = fz_byte() > 250 ? fz_number() : 8 * part();
    if (st < 0) return st;
    st = mv_transform_points(s->ctx, x[0], x[1], x[2], x[0], x[1], x[2], 20, t, n);
    if (st == MEDVOL_OK && !made) s->hash = fz_hash(s->hash, x, sizeof x);
    return st;
}
static mv_status op_jacobian(fz_step *s) {
    mv_volume f;
    mv_jacobian_opt o;
    mv_jacobian_stats stats;
    mv_status st;
    memset(&o, 0, sizeof o);
    wild = 0;
    if ((st = field(s->ctx, &f, moves[0])) < 0) return st;
    o.strict = (int)(fz_byte() & 1);
    if (fz_byte() > 200) o.mask = s->src;
    st = mv_field_jacobian(s->ctx, fz_byte() & 1 ? NULL : s->dst, &stats, &f, &o);
    if (st == MEDVOL_OK) MUST(stats.folded <= stats.voxels &&
        stats.voxels + stats.invalid <= mv_volume_count(&f));
    return st;
}
static mv_status op_exp(fz_step *s) {
    mv_volume f;
    mv_field_exp_opt o;
    mv_status st;
    memset(&o, 0, sizeof o);
    wild = 0;
    if ((st = field(s->ctx, &f, moves[0])) < 0) return st;
    o.steps = fz_byte() > 200 ? (int)(fz_byte() % 40) - 4 : 0;
    o.inverse = (int)(fz_byte() & 1);
    s->loose = wild > 10 ? HUGE_VAL : 1e-3;
    return mv_field_exp(s->ctx, s->dst, &f, &o);
}
static mv_status op_invert(fz_step *s) {
    mv_volume f;
    mv_field_invert_opt o;
    double residual = -1;
    size_t failed = 0;
    mv_status st;
    memset(&o, 0, sizeof o);
    wild = 0;
    if ((st = field(s->ctx, &f, moves[0])) < 0) return st;
    o.best = 1; /* whether noise has one may hang on a last bit */
    if (fz_byte() > 200) o.tolerance = fz_number();
    if (fz_byte() > 200) o.iterations = (int)(fz_byte() % 60) - 4;
    o.residual = &residual, o.failed = &failed;
    s->loose = HUGE_VAL; /* of noise there are several inverses */
    st = mv_field_invert(s->ctx, s->dst, &f, &o);
    if (st == MEDVOL_OK) MUST(residual >= 0 && failed <= mv_volume_count(&f));
    return st;
}
static const fz_op ops[] = {op_warp, op_warp, op_field, op_points, op_jacobian, op_exp, op_invert};
FUZZ(field) { return fz_steps(p, n, ops, sizeof ops / sizeof *ops, 1 << 21); }
