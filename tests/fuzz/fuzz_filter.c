/* fuzz_filter.c - Gaussians, means of boxes and pyramids of any sort. */
#include "fuzz.h"

static mv_status op_gaussian(fz_step *s) {
    mv_gaussian_opt o;
    double sigma[3];
    int d;
    memset(&o, 0, sizeof o);
    o.border = (mv_border)(fz_byte() % 6);
    o.voxels = (int)(fz_byte() & 1);
    if (fz_byte() & 1) o.value = fz_number();
    if (fz_byte() & 1) o.truncate = fz_number();
    if (fz_byte() & 1) o.dtype = fz_type();
    for (d = 0; d < 3; d++) {
        sigma[d] = fz_byte() % 4 ? fabs(fz_number()) : fz_number();
        if (sigma[d] > 100.0 && sigma[d] < 1e5) sigma[d] = 100.0; /* takes long */
    }
    s->loose = 1e-3;
    return mv_gaussian(s->ctx, s->dst, s->src, sigma, &o);
}
static mv_status op_box_mean(fz_step *s) {
    mv_box_opt o;
    size_t radius[3], d;
    memset(&o, 0, sizeof o);
    o.border = (mv_border)(fz_byte() % 6);
    o.clip = (int)(fz_byte() & 1);
    if (fz_byte() & 1) o.value = fz_number();
    if (fz_byte() & 1) o.dtype = fz_type();
    for (d = 0; d < 3; d++) {
        radius[d] = fz_byte() % 8 ? fz_byte() % 64 : fz_size();
        if (!o.clip && radius[d] > 300 && radius[d] <= 32767) radius[d] = 300;
    }
    s->loose = 1e-3;
    return mv_box_mean(s->ctx, s->dst, s->src, radius, &o);
}
static mv_status op_pyramid(fz_step *s) { /* the last level is the result */
    mv_pyramid_opt o;
    mv_volume lv[6];
    size_t count = fz_byte() % 7, most, k;
    mv_status st;
    memset(lv, 0, sizeof lv);
    memset(&o, 0, sizeof o);
    o.least = fz_byte() % 12;
    most = mv_pyramid_levels(s->src, &o);
    s->loose = 1e-3;
    if (fz_byte() & 1) return mv_pyramid(s->ctx, s->dst, 1, s->src, &o);
    st = mv_pyramid(s->ctx, lv, count, s->src, &o);
    MUST(st < 0 || count <= most);
    for (k = 0; k < 6; k++) MUST(!lv[k].data == (st < 0 || k >= count)); /* all or none */
    if (st == MEDVOL_OK) st = mv_volume_copy(s->ctx, s->dst, &lv[count - 1]);
    for (k = 0; k < 6; k++) mv_volume_free(s->ctx, &lv[k]);
    return st;
}
static const fz_op ops[] = {op_gaussian, op_box_mean, op_pyramid};
FUZZ(filter) { return fz_steps(p, n, ops, sizeof ops / sizeof *ops, 1 << 24); }
