/* fuzz_resample.c - resampling to spacings, shapes, grids and by affines of any sort. */
#include "fuzz.h"

static mv_resample_opt options(fz_step *s) {
    mv_resample_opt o;
    memset(&o, 0, sizeof o);
    o.interp = (mv_interp)(fz_byte() % 6);
    o.border = (mv_border)(fz_byte() % 6);
    o.grid = (mv_grid)(fz_byte() % 6);
    o.shape = (mv_shape_rule)(fz_byte() % 6);
    o.antialias = (int)(fz_byte() & 1);
    if (fz_byte() & 1) o.value = fz_number();
    if (fz_byte() & 1) o.a = fz_number(), o.lobes = (int)(fz_byte() % 12) - 1;
    if (fz_byte() & 1) o.dtype = fz_type();
    s->loose = o.interp == MEDVOL_NEAREST ? 0 : 1e-3;
    return o;
}
static void matrix(double *m) {
    int d, plain = (int)(fz_byte() & 1);
    for (d = 0; d < 12; d++) {
        m[d] = fz_number();
        if (plain && d % 4 != 3 && d % 5) m[d] = 0.0; /* axis by axis */
    }
}
static void sizes(size_t *shape) {
    int d;
    for (d = 0; d < 7; d++) shape[d] = fz_size();
}
static mv_status op_spacing(fz_step *s) {
    mv_resample_opt o = options(s);
    double mm[3];
    int d;
    for (d = 0; d < 3; d++) mm[d] = fz_number();
    return mv_resample_spacing(s->ctx, s->dst, s->src, mm, &o);
}
static mv_status op_shape(fz_step *s) {
    mv_resample_opt o = options(s);
    size_t shape[7];
    sizes(shape);
    return mv_resample_shape(s->ctx, s->dst, s->src, shape, &o);
}
static mv_status op_affine(fz_step *s) {
    mv_resample_opt o = options(s);
    size_t shape[7];
    double m[12];
    sizes(shape);
    matrix(m);
    return mv_resample_affine(s->ctx, s->dst, s->src, m, shape, &o);
}
static mv_status op_like(fz_step *s) {
    mv_resample_opt o = options(s);
    size_t shape[7];
    mv_volume grid;
    mv_status st;
    uint8_t nothing[1];
    sizes(shape);
    st = mv_volume_wrap(s->ctx, &grid, nothing, MEDVOL_U8, 1 + (int)(fz_byte() % 7), shape, NULL);
    if (st < 0) return st;
    matrix(grid.affine);
    return mv_resample_like(s->ctx, s->dst, s->src, &grid, &o);
}
static mv_status op_array(fz_step *s) {
    static float in[1000], out[1000];
    static double x[1000];
    mv_resample_opt o = options(s);
    size_t from[3], to[3], i, n, m;
    double a[12];
    mv_status st;
    o.dtype = MEDVOL_NONE;
    matrix(a);
    for (i = 0; i < 3; i++) from[i] = fz_byte() % 11, to[i] = fz_byte() % 11;
    n = from[0] * from[1] * from[2];
    m = to[0] * to[1] * to[2];
    for (i = 0; i < n; i++) in[i] = (float)(fz_noise() & 0xff) / 128.0f - 1.0f;
    if (fz_byte() & 1) st = mv_resample_shape_f32(s->ctx, out, to, in, from, &o);
    else st = mv_resample_affine_f32(s->ctx, out, to, in, from, a, &o);
    if (st < 0) return st;
    for (i = 0; i < m; i++) x[i] = out[i];
    if (o.interp == MEDVOL_NEAREST) s->hash = fz_hash(s->hash, out, m * sizeof out[0]);
    else fz_near(x, m);
    return st;
}
static const fz_op ops[] = {op_spacing, op_shape, op_affine, op_affine, op_like, op_array};
FUZZ(resample) { return fz_steps(p, n, ops, sizeof ops / sizeof *ops, 1 << 19); }
