/* fuzz_volume.c - copies, views, wraps, conversions, and the geometry of affines. */
#include "fuzz.h"

static void note(fz_step *s, const void *p, size_t n) { s->hash = fz_hash(s->hash, p, n); }
static mv_status op_copy(fz_step *s) { return mv_volume_copy(s->ctx, s->dst, s->src); }
static mv_status op_convert(fz_step *s) {
    mv_convert_opt o;
    mv_dtype t = fz_type();
    memset(&o, 0, sizeof o);
    o.keep_scaling = (int)(fz_byte() & 1);
    if (fz_byte() & 1) o.slope = fz_number(), o.inter = fz_number();
    return mv_convert(s->ctx, s->dst, s->src, t, &o);
}
static mv_status op_convert_array(fz_step *s) {
    static uint8_t in[512 * 32], out[512 * 32];
    size_t n = fz_byte() * 2u, i;
    mv_dtype from = fz_type(), to = fz_type();
    double slope = fz_number(), inter = fz_number();
    mv_status st;
    for (i = 0; i < n * mv_dtype_size(from); i++) in[i] = (uint8_t)(fz_noise() >> 20);
    st = mv_convert_array(s->ctx, out, to, in, from, n, slope, inter);
    if (st == MEDVOL_OK) note(s, out, n * mv_dtype_size(to));
    return st;
}
static mv_status op_view(fz_step *s) {
    size_t start[7], size[7];
    mv_volume view;
    mv_status st;
    int d;
    for (d = 0; d < 7; d++) start[d] = fz_size(), size[d] = fz_size();
    st = mv_volume_view(s->ctx, &view, s->src, start, size);
    if (st < 0) return st;
    for (d = 0; d < view.ndim; d++) MUST(view.dim[d] && view.dim[d] <= s->src->dim[d]);
    MUST(mv_volume_count(&view) <= mv_volume_count(s->src));
    note(s, &view.affine, sizeof view.affine);
    return mv_volume_copy(s->ctx, s->dst, &view);
}
static mv_status op_wrap(fz_step *s) { /* sizes and strides of any sort around memory that is never touched */
    mv_volume w, v;
    size_t dim[7];
    ptrdiff_t stride[7];
    mv_status st;
    double x[3] = {0, 0, 0};
    int d, ndim = (int)(fz_byte() % 9), given = (int)(fz_byte() & 1);
    for (d = 0; d < 7; d++) dim[d] = fz_size(), stride[d] = (ptrdiff_t)fz_size() - 3;
    if (fz_byte() & 7) stride[0] = 1;
    st = mv_volume_wrap(s->ctx, &w, x, fz_type(), ndim, dim, given ? stride : NULL);
    if (st < 0) return st;
    d = mv_volume_contiguous(&w);
    MUST(mv_volume_count(&w) > 0 && (given || d == 1));
    note(s, &d, sizeof d);
    st = mv_volume_view(s->ctx, &v, &w, dim, dim); /* starts outside */
    MUST(st == MEDVOL_E_RANGE);
    mv_volume_free(s->ctx, &w);
    MUST(w.data == NULL);
    return st;
}
static mv_status op_affine(fz_step *s) {
    double a[12], b[12], m[12], q[3], o[3], sp[3], fac, x[3], y[3];
    int d, axis[3], sign[3];
    mv_status st;
    for (d = 0; d < 12; d++) a[d] = fz_number();
    for (d = 0; d < 3; d++) q[d] = fz_number(), o[d] = fz_number(), sp[d] = fz_number(), x[d] = fz_number();
    if (fz_byte() & 1) mv_affine_identity(m);
    else mv_affine_from_spacing(m, sp, fz_byte() & 1 ? o : NULL);
    mv_affine_mul(b, a, m);
    st = mv_affine_invert(m, a);
    note(s, &st, sizeof st);
    x[0] += mv_affine_det(a) * 0;
    mv_affine_spacing(sp, b);
    mv_affine_from_qform(b, q, o, sp, fz_number());
    mv_affine_to_qform(a, q, o, sp, &fac);
    MUST(fac == 1 || fac == -1);
    mv_affine_orientation(a, axis, sign);
    for (d = 0; d < 3; d++) MUST(axis[d] >= -1 && axis[d] <= 2 && sign[d] >= -1 && sign[d] <= 1);
    note(s, axis, sizeof axis);
    note(s, sign, sizeof sign);
    mv_affine_apply(y, a, x);
    return MEDVOL_OK;
}
static mv_status op_points(fz_step *s) {
    double p[3][70], a[12];
    size_t i, n = fz_byte() % 71;
    int d;
    mv_status st;
    for (d = 0; d < 12; d++) a[d] = fz_number();
    for (i = 0; i < 3 * 70; i++) p[i / 70][i % 70] = (double)(fz_noise() >> 30) - 8000;
    st = mv_affine_apply_points(s->ctx, a, p[0], p[1], p[2], p[0], p[1], p[2], n);
    for (i = 0; i < 3 * 70; i++)
        if (p[i / 70][i % 70] != p[i / 70][i % 70]) p[i / 70][i % 70] = 0; /* which NaN, nobody promises */
    note(s, p, sizeof p);
    return st;
}
static mv_status op_world(fz_step *s) {
    double x[3], w[3], b[3];
    char code[4] = {1, 1, 1, 1};
    mv_status st;
    int d;
    for (d = 0; d < 3; d++) x[d] = fz_number();
    mv_spacing(s->src, w);
    mv_orientation(s->src, code);
    MUST(strlen(code) == 3);
    note(s, code, 4);
    st = mv_voxel_to_world(s->src, w, x);
    MUST(st == MEDVOL_OK);
    st = mv_world_to_voxel(s->src, b, x);
    MUST(st == MEDVOL_OK || st == MEDVOL_E_SINGULAR);
    return MEDVOL_OK;
}
static const fz_op ops[] = {op_copy, op_convert, op_convert, op_convert_array, op_view, op_wrap, op_affine,
    op_points, op_world};
FUZZ(volume) { return fz_steps(p, n, ops, sizeof ops / sizeof *ops, 1 << 19); }
