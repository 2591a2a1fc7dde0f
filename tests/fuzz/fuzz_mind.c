/* fuzz_mind.c - descriptors of any image; a search between any two images with any options, a few rounds. */
#include "fuzz.h"

static mv_volume moving, mask;
static float values[4096];
static uint8_t bytes[4096];
static const mv_volume *second(fz_step *s) { /* noise of the source's shape, somewhat moved, in f32 */
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
static mv_status op_mind(fz_step *s) {
    mv_mind_opt o;
    memset(&o, 0, sizeof o);
    o.radius = (int)(fz_byte() % 4) + (fz_byte() > 250) * 9;
    o.dilation = (int)(fz_byte() % 5) - (fz_byte() > 250) * 9;
    o.channels = fz_byte() > 128;
    return mv_mind_ssc(s->ctx, s->dst, s->src, &o);
}
static mv_status op_search(fz_step *s) {
    mv_register_search_opt o;
    mv_register_report rep;
    double start[12], all = 0;
    mv_status st;
    size_t i;
    memset(&o, 0, sizeof o);
    mv_affine_identity(start);
    start[fz_byte() % 12] += fz_byte() > 240 ? fz_number() : 0.1;
    if (fz_byte() > 200) o.start = start;
    o.radius = (int)(fz_byte() % 4), o.dilation = (int)(fz_byte() % 5);
    o.grid = 2 + (int)(fz_byte() % 7) - 3 * (fz_byte() > 250);
    o.search = 1 + (int)(fz_byte() % 3), o.refine = 1 + (int)(fz_byte() % 2);
    o.stride = (int)(fz_byte() % 5);
    if (fz_byte() > 220) o.search = (int)(fz_byte() % 20);
    if (fz_byte() > 180) o.weight = fz_number();
    o.symmetric = fz_byte() > 180;
    o.fixed_mask = weights(s);
    o.control.levels = (int)(fz_byte() % 4) - (fz_byte() > 250);
    o.control.iterations = 1 + (int)(fz_byte() % 4) - 6 * (fz_byte() > 250);
    o.control.report = &rep;
    s->loose = HUGE_VAL; /* of noise the last bits decide */
    st = mv_register_search(s->ctx, s->dst, s->src, second(s), &o);
    if (st < 0) return st;
    MUST(rep.energy >= 0 && rep.energy <= 1 && rep.first >= 0 && rep.first <= 1);
    for (i = 0; i < 12; i++)
        if (!(fabs(s->dst->affine[i]) < 1e9)) return st; /* mm beyond f32 */
    for (i = 0; i < mv_volume_count(s->dst); i++) all += fabs((double)((const float *)s->dst->data)[i]);
    MUST(all >= 0 && all < 1e30);
    return st;
}
static const fz_op ops[] = {op_mind, op_search};
FUZZ(mind) { return fz_steps(p, n, ops, sizeof ops / sizeof *ops, 1 << 26); }
