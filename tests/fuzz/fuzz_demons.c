/* fuzz_demons.c - demons on any two images with any options, a few steps long. */
#include "fuzz.h"

static mv_volume moving, mask;
static float values[4096];
static uint8_t bytes[4096];
static const mv_volume *second(fz_step *s) { /* the source, somewhat moved, in f32 */
    const size_t n = mv_volume_count(s->src);
    size_t i;
    if (fz_byte() > 230 || n == 0 || n > 4096 || !s->src->data) return s->src;
    for (i = 0; i < n; i++) values[i] = (float)(fz_noise() % 100);
    if (fz_byte() > 230) values[fz_byte() * n / 256] = (float)fz_number();
    if (mv_volume_wrap(s->ctx, &moving, values, MEDVOL_F32, s->src->ndim, s->src->dim, NULL) < 0)
        return s->src;
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
    if (mv_volume_wrap(s->ctx, &mask, bytes, MEDVOL_U8, s->src->ndim, s->src->dim, NULL) < 0) return NULL;
    return &mask;
}
static void whole(const mv_volume *v, int made) {
    size_t i;
    MUST(made == (v->data != NULL));
    for (i = 0; i < 12; i++)
        if (fabs(v->affine[i]) > 1e9) return; /* mm beyond f32 */
    for (i = 0; made && i < mv_volume_count(v); i++) MUST(fabs((double)((const float *)v->data)[i]) < 1e30);
}
static mv_status op_demons(fz_step *s) {
    mv_register_demons_opt o;
    mv_register_report rep;
    mv_volume inverse, velocity;
    double start[12];
    mv_status st;
    memset(&o, 0, sizeof o);
    memset(&inverse, 0, sizeof inverse);
    memset(&velocity, 0, sizeof velocity);
    mv_affine_identity(start);
    start[fz_byte() % 12] += fz_byte() > 240 ? fz_number() : 0.1;
    if (fz_byte() > 200) o.start = start;
    o.variant = (mv_demons)(fz_byte() % 5);
    if (fz_byte() > 220) o.step = fz_number();
    if (fz_byte() > 220) o.momentum = fz_number();
    if (fz_byte() > 200) o.sigma_update = fz_number();
    if (fz_byte() > 200) o.sigma_field = fz_number();
    if (fz_byte() > 220) o.threshold = fz_number();
    if (fz_byte() > 200) o.inverse = &inverse;
    if (fz_byte() > 230) o.velocity = &velocity;
    o.fixed_mask = weights(s);
    o.control.levels = (int)(fz_byte() % 4) - (fz_byte() > 250);
    o.control.iterations = 1 + (int)(fz_byte() % 4) - 6 * (fz_byte() > 250);
    if (fz_byte() > 220) o.control.tolerance = fz_number();
    if (fz_byte() > 220) o.control.slope = fz_number();
    o.control.report = &rep;
    s->loose = HUGE_VAL; /* of noise the last bits decide */
    st = mv_register_demons(s->ctx, s->dst, s->src, second(s), &o);
    whole(&inverse, st >= 0 && o.inverse);
    whole(&velocity, st >= 0 && o.velocity);
    mv_volume_free(s->ctx, &inverse);
    mv_volume_free(s->ctx, &velocity);
    return st;
}
static const fz_op ops[] = {op_demons};
FUZZ(demons) { return fz_steps(p, n, ops, sizeof ops / sizeof *ops, 1 << 26); }
