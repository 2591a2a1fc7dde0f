/* fuzz_spatial.c - crop, pad, flip, permute, reorient, rotate: boxes, orders and codes of any sort. */
#include "fuzz.h"

static void box(size_t *a, size_t *b) {
    int d;
    for (d = 0; d < 7; d++) a[d] = fz_size(), b[d] = fz_size();
}
static mv_status op_crop(fz_step *s) {
    size_t start[7], size[7];
    mv_crop_opt o;
    box(start, size);
    o.clip = (int)(fz_byte() & 1);
    return mv_crop(s->ctx, s->dst, s->src, start, size, &o);
}
static mv_status op_pad(fz_step *s) {
    size_t before[7], after[7];
    mv_pad_opt o;
    box(before, after);
    o.mode = (mv_pad_mode)(fz_byte() % 9);
    o.value = fz_number();
    return mv_pad(s->ctx, s->dst, s->src, before, after, &o);
}
static mv_status op_crop_or_pad(fz_step *s) {
    size_t shape[7], unused[7];
    mv_crop_or_pad_opt o;
    box(shape, unused);
    o.rule = (mv_centre_rule)(fz_byte() % 5);
    o.mode = (mv_pad_mode)(fz_byte() % 9);
    o.value = fz_number();
    return mv_crop_or_pad(s->ctx, s->dst, s->src, shape, &o);
}
static mv_status op_foreground(fz_step *s) {
    mv_foreground_opt o;
    size_t start[7], size[7], in[7], is[7];
    mv_status st, again;
    int d;
    memset(&o, 0, sizeof o);
    o.above = (int)(fz_byte() & 1);
    o.threshold = fz_number();
    o.margin = fz_size();
    if (fz_byte() & 1) o.by = s->src;
    st = mv_foreground_box(s->ctx, start, size, s->src, &o);
    if (st < 0) return st;
    for (d = 0; d < s->src->ndim; d++)
        MUST(size[d] && start[d] < s->src->dim[d] && size[d] <= s->src->dim[d] - start[d]);
    o.box_start = in, o.box_size = is;
    d = s->src->ndim;
    again = mv_crop_foreground(s->ctx, s->dst, s->src, &o);
    if (again == MEDVOL_OK)
        MUST(!memcmp(start, in, (size_t)d * sizeof in[0]) && !memcmp(size, is, (size_t)d * sizeof is[0]));
    return again;
}
static mv_status op_flip(fz_step *s) { return mv_flip(s->ctx, s->dst, s->src, fz_byte() & 0x1f); }
static void any_order(int *order) {
    int d;
    for (d = 0; d < 7; d++) order[d] = d;
    for (d = 0; d < 3; d++) {
        unsigned p = fz_byte() % 7, q = fz_byte() % 7;
        int t = order[p];
        order[p] = order[q], order[q] = t;
    }
    if (fz_byte() > 250) order[0] = (int)fz_byte() - 20;
}
static mv_status op_permute(fz_step *s) {
    int order[7];
    any_order(order);
    return mv_permute(s->ctx, s->dst, s->src, order);
}
static mv_status op_rot90(fz_step *s) {
    int turns = (int)(signed char)fz_byte(), from = (int)(fz_byte() % 6) - 1, to = (int)(fz_byte() % 6) - 1;
    if (turns == 77) turns = -2147483647 - 1;
    return mv_rot90(s->ctx, s->dst, s->src, turns, from, to);
}
static mv_status op_reorient(fz_step *s) {
    char code[5] = {0};
    mv_reorient_opt o;
    int d;
    for (d = 0; d < 4; d++) code[d] = "RASLPIra"[fz_byte() % 8];
    code[3] = fz_byte() > 250 ? 'R' : 0;
    o.from = (int)(fz_byte() & 1);
    return mv_reorient(s->ctx, s->dst, s->src, code, &o);
}
static mv_status op_view(fz_step *s) { /* a view, turned over */
    size_t start[7], size[7];
    mv_volume view;
    mv_status st;
    box(start, size);
    st = mv_volume_view(s->ctx, &view, s->src, start, size);
    if (st == MEDVOL_OK) st = mv_flip(s->ctx, s->dst, &view, fz_byte() & 7);
    return st;
}
enum { ROOM = 1 << 15 };
static uint8_t in[ROOM], out[ROOM];
static mv_status op_permute_array(fz_step *s) { /* strides inside the two rooms, of either sign */
    size_t dim[7], elem = fz_byte() % 66, n = 1, d;
    ptrdiff_t a[7], b[7];
    int order[7], ndim = (int)(fz_byte() % 8), given = (int)fz_byte();
    unsigned flips = fz_byte();
    mv_status st;
    any_order(order);
    for (d = 0; d < 7; d++) {
        dim[d] = fz_byte() % 5;
        n *= d < (size_t)ndim ? dim[d] : 1;
        a[d] = (ptrdiff_t)(fz_byte() % 9) - 4;
        b[d] = (ptrdiff_t)(fz_byte() % 9) - 4;
    }
    if (n * elem > ROOM) return MEDVOL_OK;
    for (d = 0; d < n * elem; d++) in[d] = (uint8_t)(fz_noise() >> 20);
    memset(out, 0, sizeof out);
    /* at most 7 axes x 4 steps x 4 elements away from the middle */
    st = mv_permute_array(s->ctx, given & 1 ? out + ROOM / 2 : out, given & 1 ? b : NULL,
        given & 2 ? in + ROOM / 2 : in, given & 2 ? a : NULL, elem, ndim, dim, given & 4 ? order : NULL,
        flips);
    if (st == MEDVOL_OK) s->hash = fz_hash(s->hash, out, ROOM);
    return st;
}
static mv_status op_pad_array(fz_step *s) {
    size_t dim[7], before[7], after[7], elem = fz_byte() % 66, n = 1, m = 1, d;
    int ndim = (int)(fz_byte() % 5);
    mv_pad_mode mode = (mv_pad_mode)(fz_byte() % 9);
    uint8_t fill[64];
    mv_status st;
    memset(fill, 7, sizeof fill);
    for (d = 0; d < 7; d++) {
        dim[d] = fz_size(), before[d] = fz_size(), after[d] = fz_size();
        if (d >= (size_t)ndim) continue;
        if (dim[d] > 9) dim[d] = 9;
        n *= dim[d];
        if (before[d] < 1000 && after[d] < 1000 && m < ROOM) m *= dim[d] + before[d] + after[d];
    }
    if (n * elem > ROOM || m * elem > ROOM) return MEDVOL_OK;
    for (d = 0; d < n * elem; d++) in[d] = (uint8_t)(fz_noise() >> 20);
    for (d = 0; d < (size_t)ndim; d++) /* an absurd size must not fit by wrapping around */
        if (before[d] >= 1000 || after[d] >= 1000) before[d] = (size_t)-1, after[d] = 2 - dim[d];
    st = mv_pad_array(s->ctx, out, in, elem, ndim, dim, before, after, mode, fz_byte() & 1 ? fill : NULL);
    if (st == MEDVOL_OK) s->hash = fz_hash(s->hash, out, m * elem);
    return st;
}
static const fz_op ops[] = {op_crop, op_pad, op_pad, op_crop_or_pad, op_foreground, op_flip, op_permute,
    op_rot90, op_reorient, op_view, op_permute_array, op_pad_array};
FUZZ(spatial) { return fz_steps(p, n, ops, sizeof ops / sizeof *ops, 1 << 19); }
