/* fuzz_flow.c - flow between any two images with any options, a few steps long. */
#include "fuzz.h"

static mv_volume moving, first;
static float values[4096], moves[12288];
static const mv_volume *second(fz_step *s) { /* of the source's shape, or the source */
    const size_t n = mv_volume_count(s->src);
    size_t i;
    if (fz_byte() > 230 || n == 0 || n > 4096 || !s->src->data) return s->src;
    for (i = 0; i < n; i++) values[i] = (float)(fz_noise() % 100);
    if (fz_byte() > 200) values[fz_noise() % n] = fz_byte() > 128 ? HUGE_VALF : (float)fz_number();
    if (mv_volume_wrap(s->ctx, &moving, values, MEDVOL_F32, s->src->ndim, s->src->dim,
                       NULL) < 0) return s->src;
    memcpy(moving.affine, s->src->affine, sizeof moving.affine);
    if (fz_byte() > 200) moving.affine[3] += (double)(fz_byte() % 9) - 4;
    if (fz_byte() > 230) moving.affine[fz_byte() % 12] = fz_number();
    return &moving;
}
static const mv_volume *begin(fz_step *s) {
    size_t dim[5], i, n;
    if (fz_byte() < 180) return NULL;
    for (i = 0; i < 3; i++) dim[i] = (int)i < s->src->ndim ? s->src->dim[i] : 1;
    dim[3] = 1, dim[4] = s->src->ndim > 2 && dim[2] > 1 ? 3 : 2;
    if (dim[0] > 4096 || dim[1] > 4096 || dim[2] > 4096 || dim[0] * dim[1] > 4096) return NULL;
    n = dim[0] * dim[1] * dim[2] * dim[4];
    if (n == 0 || n > 12288) return NULL;
    for (i = 0; i < n; i++) moves[i] = (float)(fz_noise() % 64) / 8 - 4;
    if (fz_byte() > 128) moves[fz_noise() % n] = (float)fz_number();
    if (mv_volume_wrap(s->ctx, &first, moves, MEDVOL_F32, 5, dim, NULL) < 0) return NULL;
    memcpy(first.affine, s->src->affine, sizeof first.affine);
    return &first;
}
static mv_status op_flow(fz_step *s) {
    mv_register_report rep;
    mv_flow_opt o;
    mv_status st;
    size_t i;
    memset(&o, 0, sizeof o);
    o.preset = (mv_flow_preset)(fz_byte() % (fz_byte() > 250 ? 4 : 3));
    o.method = (mv_flow_method)(fz_byte() > 250 ? 3 : fz_byte() % 3);
    if (o.method == MEDVOL_FLOW_FARNEBACK) {
        o.poly_n = fz_byte() > 250 ? (int)fz_byte() : 3 + (int)(fz_byte() % 7) * 2;
        o.window = fz_byte() > 250 ? (int)fz_byte() : 1 + (int)(fz_byte() % 32) * 2;
        o.poly_sigma = fz_byte() > 220 ? fz_number() : 0.3 + (double)(fz_byte() % 32) / 8;
        o.box = (int)(fz_byte() & 1);
    }
    o.warps = (int)(fz_byte() % 3), o.rough = (int)(fz_byte() & 1);
    if (fz_byte() > 220) o.lambda = fz_number();
    if (fz_byte() > 220) o.theta = fz_number();
    if (fz_byte() > 220) o.tau = fz_number();
    o.start = begin(s);
    o.gain = (int)(fz_byte() & 1);
    if (fz_byte() > 128) o.finest = 1 + (int)(fz_byte() % 4);
    if (fz_byte() > 200) o.patch = fz_byte() > 20 ? 16 : (int)fz_byte();
    if (fz_byte() > 200) o.stride = 1 + (int)(fz_byte() % 9);
    if (fz_byte() > 128) o.refine = (int)(fz_byte() % 5) - 1;
    if (fz_byte() > 220) o.alpha = fz_number();
    if (fz_byte() > 220) o.gamma = fz_number();
    if (fz_byte() > 220) o.delta = fz_number();
    o.control.levels = (int)(fz_byte() % 4);
    o.control.iterations = 1 + (int)(fz_byte() % 4);
    if (fz_byte() > 220) o.control.tolerance = fz_number();
    o.control.report = &rep;
    s->loose = HUGE_VAL; /* of noise the last bits decide */
    st = mv_flow(s->ctx, s->dst, s->src, second(s), &o);
    if (st == MEDVOL_OK && mv_volume_contiguous(s->dst))
        for (i = 0; i < mv_volume_count(s->dst); i++)
            MUST(((const float *)s->dst->data)[i] == ((const float *)s->dst->data)[i]);
    return st;
}
static const fz_op ops[] = {op_flow};
FUZZ(flow) { return fz_steps(p, n, ops, sizeof ops / sizeof *ops, 1 << 27); }
