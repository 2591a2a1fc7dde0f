/* fuzz_measure.c - measures and distance transforms of volumes, labels, fields and points of any sort. */
#include "fuzz.h"

static mv_volume second, mask;
static uint8_t bytes[4096];
static const mv_volume *other(fz_step *s) { /* of the source's shape, more often than not */
    size_t i, n = mv_volume_count(s->src);
    if (fz_byte() > 230 || n > sizeof bytes || !s->src->data) return s->src;
    for (i = 0; i < n; i++) bytes[i] = (uint8_t)(fz_noise() % 5);
    if (mv_volume_wrap(s->ctx, &second, bytes, MEDVOL_U8, s->src->ndim, s->src->dim, NULL) < 0) return s->src;
    memcpy(second.affine, s->src->affine, sizeof second.affine);
    memcpy(second.step, s->src->step, sizeof second.step);
    return &second;
}
static const mv_volume *some_mask(fz_step *s) {
    if (fz_byte() < 128 || other(s) != &second) return NULL;
    mask = second;
    return &mask;
}
static mv_status op_image(fz_step *s) {
    mv_metric_opt o;
    mv_image_metrics m;
    mv_status st;
    memset(&o, 0, sizeof o);
    o.what = fz_byte() % 300;
    o.mask = some_mask(s);
    if (fz_byte() > 200) o.peak = fz_number();
    if (fz_byte() > 200) o.radius = fz_size();
    if (fz_byte() > 200) o.bins = fz_size();
    if (fz_byte() > 200) o.range_a[0] = fz_number(), o.range_a[1] = fz_number();
    st = mv_metric_image(s->ctx, &m, s->src, other(s), &o);
    if (st == MEDVOL_OK) {
        MUST(m.count > 0 && !(m.mse < 0) && !(fabs(m.ncc) > 1.0001) && !(m.lncc > 1.0001) && !(m.mi < -1e-9));
        s->hash = fz_hash(s->hash, &m, sizeof m.count * 3 + sizeof(double) * 3);
    }
    return st;
}
static mv_status op_map(fz_step *s) {
    mv_ncc_map_opt o;
    size_t k;
    memset(&o, 0, sizeof o);
    o.mask = some_mask(s);
    for (k = 0; k < 3; k++) o.radius[k] = fz_byte() > 200 ? fz_size() : fz_byte() % 4;
    o.squared = (int)(fz_byte() & 1), o.nan = (int)(fz_byte() & 1);
    return mv_ncc_map(s->ctx, s->dst, s->src, other(s), &o);
}
static mv_status op_distance(fz_step *s) {
    mv_distance_opt o;
    memset(&o, 0, sizeof o);
    if (fz_byte() > 128) o.threshold = fz_number();
    o.mode = (int)(fz_byte() % 4);
    o.voxels = (int)(fz_byte() & 1);
    return mv_distance(s->ctx, s->dst, s->src, &o);
}
static mv_status op_labels(fz_step *s) {
    mv_label_metrics m[64];
    mv_label_opt o;
    int64_t list[5];
    size_t count = 77, i;
    double dice = 2;
    mv_status st;
    memset(&o, 0, sizeof o);
    for (i = 0; i < 5; i++) list[i] = (int64_t)(fz_noise() % 9) - 2;
    if (fz_byte() > 160) o.labels = list, o.nlabels = fz_byte() % 6;
    o.background = (int)(fz_byte() & 1);
    st = mv_metric_labels(s->ctx, m, fz_byte() & 1 ? 64 : fz_byte() % 65, &count, &dice, s->src, other(s),
        &o);
    if (st < 0) return st;
    MUST(count <= 64 && !(dice > 1) && !(dice < 0));
    for (i = 0; i < count; i++) MUST(m[i].both <= m[i].count_a && m[i].both <= m[i].count_b);
    s->hash = fz_hash(s->hash, m, count * sizeof *m);
    return st;
}
static mv_status op_surface(fz_step *s) {
    mv_surface_metrics m;
    mv_surface_opt o;
    mv_status st;
    memset(&o, 0, sizeof o);
    o.by_label = (int)(fz_byte() & 1);
    o.label = (int64_t)(fz_byte() % 5);
    if (fz_byte() > 200) o.percentile = fz_number();
    if (fz_byte() > 200) o.tolerance = fz_number();
    st = mv_metric_surface(s->ctx, &m, s->src, other(s), &o);
    if (st == MEDVOL_OK) MUST(m.border_a && m.border_b && m.assd >= 0 && m.assd <= m.hausdorff * 1.0001);
    return st;
}
static mv_status op_field(fz_step *s) {
    static float values[2][3 * 6 * 5 * 4];
    mv_error_metrics m;
    mv_volume f[2];
    size_t dim[5], i, k;
    mv_status st = MEDVOL_OK;
    dim[0] = 1 + fz_byte() % 6, dim[1] = 1 + fz_byte() % 5, dim[2] = 1 + fz_byte() % 4, dim[3] = 1;
    dim[4] = 2 + fz_byte() % 2;
    for (k = 0; k < 2 && st == MEDVOL_OK; k++) {
        for (i = 0; i < 360; i++) values[k][i] = (float)((double)(fz_noise() & 0xfff) / 256 - 8);
        if (fz_byte() > 200) values[k][fz_byte()] = (float)fz_number();
        st = mv_volume_wrap(s->ctx, &f[k], values[k], MEDVOL_F32, 5, dim, NULL);
    }
    if (st < 0) return st;
    st = mv_metric_field(s->ctx, &m, &f[0], fz_byte() & 1 ? &f[1] : NULL, fz_byte() > 230 ? s->src : NULL);
    if (st == MEDVOL_OK) MUST(m.count > 0 && !(m.mean > m.max * 1.0001) && !(m.median > m.max * 1.0001));
    return st;
}
static mv_status op_points(fz_step *s) {
    double x[6][30];
    mv_error_metrics m;
    size_t i, k, n = fz_byte() % 31;
    mv_status st;
    for (k = 0; k < 6; k++)
        for (i = 0; i < 30; i++) x[k][i] = fz_byte() > 240 ? fz_number() : (double)(fz_noise() % 100);
    st = mv_metric_points(s->ctx, &m, x[0], x[1], x[2], x[3], x[4], x[5], n);
    if (st == MEDVOL_OK) MUST(m.count + m.skipped == n);
    return st;
}
static const fz_op ops[] = {op_image, op_image, op_distance, op_labels, op_surface, op_field, op_points,
    op_map};
FUZZ(measure) { return fz_steps(p, n, ops, sizeof ops / sizeof *ops, 1 << 23); }
