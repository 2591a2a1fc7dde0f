/* fuzz_layers.c - compositions, equalisations, matched histograms and pictures of anything. */
#include "fuzz.h"

enum { MOST = 4096 };
static uint32_t room[6][3 * MOST];
static mv_volume made[6];
/* number k in the source's shape, of a type that is mostly right, and of any numbers */
static const mv_volume *another(fz_step *s, int k, mv_dtype type) {
    static const mv_dtype types[5] = {MEDVOL_U8, MEDVOL_RGB24, MEDVOL_RGBA32, MEDVOL_U16, MEDVOL_F32};
    const size_t n = mv_volume_count(s->src);
    size_t i;
    if (fz_byte() > 250 || n == 0 || n > MOST || !s->src->data) return s->src;
    if (fz_byte() > 200) type = fz_byte() > 200 ? fz_type() : types[fz_byte() % 5];
    if (mv_dtype_size(type) > 8) return s->src;
    for (i = 0; i < 2 * MOST && i < 2 * n; i++) room[k][i] = (uint32_t)fz_noise();
    if (type == MEDVOL_F32 && fz_byte() > 60)
        for (i = 0; i < n; i++) {
            const float f = (float)(room[k][i] % 1200) / 1000.0f - 0.1f;
            memcpy(&room[k][i], &f, sizeof f);
        }
    if (mv_volume_wrap(s->ctx, &made[k], room[k], type, s->src->ndim, s->src->dim, NULL) < 0) return s->src;
    return &made[k];
}
static mv_status op_compose(fz_step *s) {
    static const mv_dtype types[5] = {MEDVOL_U8, MEDVOL_RGB24, MEDVOL_RGBA32, MEDVOL_U16, MEDVOL_F32};
    const mv_dtype type = types[fz_byte() % 5];
    const mv_volume *under = fz_byte() > 40 ? another(s, 0, type) : NULL;
    mv_compose_opt o;
    mv_layer l[3];
    int k;
    memset(&o, 0, sizeof o);
    memset(l, 0, sizeof l);
    for (k = 0; k < 3; k++) {
        l[k].image = another(s, 1 + k, type);
        l[k].mode = (mv_blend)(fz_byte() % 28);
        l[k].opacity = fz_byte() > 245 ? fz_number() : (double)fz_byte() / 255;
        l[k].invert = (int)(fz_byte() & 1);
        l[k].hidden = fz_byte() > 220;
        if (fz_byte() > 180) l[k].alpha = another(s, 4, fz_byte() > 128 ? MEDVOL_U8 : MEDVOL_F32);
        o.colour[k] = fz_byte() > 250 ? fz_number() : (double)fz_byte() / 255;
    }
    o.colour[3] = (double)fz_byte() / 255;
    o.seed = fz_byte();
    return mv_compose_layers(s->ctx, s->dst, under, l, fz_byte() % 4, &o);
}
static mv_status op_clahe(fz_step *s) {
    mv_clahe_opt o;
    memset(&o, 0, sizeof o);
    o.tiles[0] = (int)(fz_byte() % 12) - (fz_byte() > 250), o.tiles[1] = (int)(fz_byte() % 12);
    if (fz_byte() > 100) o.clip = fz_byte() > 200 ? fz_number() : (double)fz_byte() / 16;
    if (fz_byte() > 200) o.bins = (int)fz_byte();
    if (fz_byte() > 220) o.range[0] = fz_number(), o.range[1] = fz_number();
    return mv_clahe(s->ctx, s->dst, fz_byte() > 128 ? s->src : another(s, 0, MEDVOL_U8), &o);
}
static mv_status op_match(fz_step *s) {
    mv_match_opt o;
    memset(&o, 0, sizeof o);
    if (fz_byte() > 200) o.mask = another(s, 1, MEDVOL_U8);
    if (fz_byte() > 200) o.reference_mask = another(s, 2, MEDVOL_U16);
    if (fz_byte() > 200) o.dtype = fz_type();
    return mv_match_histogram(s->ctx, s->dst, s->src,
        fz_byte() > 128 ? s->src : another(s, 0, MEDVOL_F32), &o);
}
static const mv_volume *field(fz_step *s) {
    size_t dim[5], n, i;
    if (fz_byte() > 240) return s->src;
    dim[0] = 1 + fz_byte() % 9, dim[1] = 1 + fz_byte() % 7, dim[2] = fz_byte() > 80 ? 1 + fz_byte() % 5 : 1;
    dim[3] = 1, dim[4] = dim[2] == 1 && fz_byte() > 128 ? 2 : 3;
    n = dim[0] * dim[1] * dim[2] * dim[4];
    for (i = 0; i < n; i++) {
        const float f = fz_byte() > 250 ? (float)fz_number() : (float)(fz_noise() % 100) / 20.0f - 2.5f;
        memcpy(&room[5][i], &f, sizeof f);
    }
    if (mv_volume_wrap(s->ctx, &made[5], room[5], MEDVOL_F32, 5, dim, NULL) < 0) return s->src;
    if (fz_byte() > 200) made[5].affine[fz_byte() % 12] = fz_number();
    return &made[5];
}
static mv_status op_picture(fz_step *s) {
    mv_picture_opt o;
    memset(&o, 0, sizeof o);
    if (fz_byte() > 200) o.window_a[0] = fz_number(), o.window_a[1] = fz_number();
    if (fz_byte() > 200) o.window_b[0] = fz_number(), o.window_b[1] = fz_number();
    if (fz_byte() > 180) o.range = fz_number();
    if (fz_byte() > 180) o.size = fz_number();
    if (fz_byte() > 180) o.width = fz_number();
    if (fz_byte() > 128) o.plane = (int)(fz_byte() % 4) - (fz_byte() > 250);
    switch (fz_byte() % 5) {
        case 0: return mv_picture_checkerboard(s->ctx, s->dst, s->src, another(s, 0, s->src->dtype), &o);
        case 1: return mv_picture_difference(s->ctx, s->dst, s->src, another(s, 0, MEDVOL_F32), &o);
        case 2: return mv_picture_flow(s->ctx, s->dst, field(s), &o);
        case 3: return mv_picture_jacobian(s->ctx, s->dst, field(s), &o);
        default: return mv_picture_grid(s->ctx, s->dst, field(s), &o);
    }
}
static const fz_op ops[] = {op_compose, op_clahe, op_match, op_picture};
FUZZ(layers) { return fz_steps(p, n, ops, sizeof ops / sizeof *ops, 1 << 26); }
