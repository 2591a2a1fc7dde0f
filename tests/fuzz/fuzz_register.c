/* fuzz_register.c - registrations of any two images with any options, a few steps long. */
#include "fuzz.h"

static mv_volume moving, mask;
static float values[4096];
static uint8_t bytes[4096];
static const mv_volume *second(fz_step *s) { /* the source, somewhat moved, in f32 */
    const size_t n = mv_volume_count(s->src);
    size_t i;
    if (fz_byte() > 230 || n == 0 || n > 4096 || !s->src->data) return s->src;
    for (i = 0; i < n; i++) values[i] = (float)(fz_noise() % 100);
    if (mv_volume_wrap(s->ctx, &moving, values, MEDVOL_F32, s->src->ndim, s->src->dim,
        NULL) < 0) return s->src;
    memcpy(moving.affine, s->src->affine, sizeof moving.affine);
    if (fz_byte() > 128) moving.affine[3] += (double)(fz_byte() % 9) - 4;
    if (fz_byte() > 200) moving.affine[fz_byte() % 12] = fz_number();
    return &moving;
}
static const mv_volume *weights(fz_step *s) {
    const size_t n = mv_volume_count(s->src);
    size_t i;
    if (fz_byte() < 180 || n == 0 || n > 4096) return NULL;
    for (i = 0; i < n; i++) bytes[i] = (uint8_t)(fz_noise() % 3);
    return mv_volume_wrap(s->ctx, &mask, bytes, MEDVOL_U8, s->src->ndim, s->src->dim,
        NULL) < 0 ? NULL : &mask;
}
static void control(mv_register_control *c, mv_register_report *rep) {
    c->levels = (int)(fz_byte() % 4) - (fz_byte() > 250);
    c->iterations = 1 + (int)(fz_byte() % 4) - 6 * (fz_byte() > 250);
    if (fz_byte() > 220) c->tolerance = fz_number();
    if (fz_byte() > 220) c->slope = fz_number();
    c->report = rep;
}
static mv_status op_affine(fz_step *s) {
    mv_register_affine_opt o;
    mv_register_report rep;
    double a[12], start[12];
    mv_status st;
    int k;
    memset(&o, 0, sizeof o);
    o.model = (mv_model)(fz_byte() % 5);
    o.metric = (mv_similarity)(fz_byte() % 4);
    o.init = (mv_init)(fz_byte() % 6);
    mv_affine_identity(start);
    start[fz_byte() % 12] += fz_byte() > 240 ? fz_number() : 0.1;
    if (fz_byte() > 200) o.start = start;
    if (fz_byte() > 200) o.robust = fz_byte() > 128 ? 4.685 : fz_number();
    if (fz_byte() > 240) o.bins = (int)fz_byte();
    if (fz_byte() > 250) o.search = 40;
    o.symmetric = (int)(fz_byte() & 1);
    o.fixed_mask = weights(s);
    control(&o.control, &rep);
    for (k = 0; k < 12; k++) a[k] = 3;
    st = mv_register_affine(s->ctx, a, s->src, second(s), &o);
    for (k = 0; k < 12; k++) MUST(st < 0 ? a[k] == 3 : a[k] - a[k] == 0);
    return st;
}
static mv_status op_lncc(fz_step *s) {
    mv_register_lncc_opt o;
    mv_register_report rep;
    mv_volume inverse, velocity;
    double start[12];
    mv_status st;
    memset(&inverse, 0, sizeof inverse);
    memset(&velocity, 0, sizeof velocity);
    memset(&o, 0, sizeof o);
    mv_affine_identity(start);
    start[fz_byte() % 12] += fz_byte() > 240 ? fz_number() : 0.1;
    if (fz_byte() > 200) o.start = start;
    o.radius = (int)(fz_byte() % 10);
    o.descent = (mv_descent)(fz_byte() % 4);
    o.full = (int)(fz_byte() & 1);
    if (fz_byte() > 220) o.step = fz_number();
    if (fz_byte() > 220) o.momentum = fz_number();
    if (fz_byte() > 220) o.sigma_update = fz_number();
    if (fz_byte() > 220) o.sigma_field = fz_number();
    o.fixed_mask = weights(s);
    control(&o.control, &rep);
    o.mode = (mv_lncc_mode)(fz_byte() % 4);
    if (fz_byte() > 100) o.inverse = &inverse;
    if (o.mode == MEDVOL_LNCC_VELOCITY || fz_byte() > 250) o.velocity = &velocity;
    s->loose = HUGE_VAL; /* of noise the last bits decide */
    st = mv_register_lncc(s->ctx, s->dst, s->src, second(s), &o);
    MUST((inverse.data != NULL) == (st == MEDVOL_OK && o.inverse != NULL));
    MUST((velocity.data != NULL) == (st == MEDVOL_OK && o.velocity != NULL));
    mv_volume_free(s->ctx, &inverse);
    mv_volume_free(s->ctx, &velocity);
    return st;
}
static const fz_op ops[] = {op_affine, op_lncc};
FUZZ(register) { return fz_steps(p, n, ops, sizeof ops / sizeof *ops, 1 << 26); }
