/* fuzz_render.c - three planes of volumes of any shape, type and geometry, with options of any sort. */
#include "fuzz.h"

static mv_status op_render(fz_step *s) {
    mv_render_opt o;
    double point[3];
    mv_status st;
    int d;
    memset(&o, 0, sizeof o);
    for (d = 0; d < 3; d++) point[d] = fz_number();
    if (fz_byte() & 1) o.point = point;
    o.point_is_voxel = (int)(fz_byte() & 1);
    o.frame = fz_byte() & 1 ? fz_size() : 0;
    if (fz_byte() & 1) o.lo = fz_number() * 20, o.hi = fz_number() * 20;
    o.radiological = (int)(fz_byte() & 1), o.nearest = (int)(fz_byte() & 1);
    o.no_letters = (int)(fz_byte() & 1), o.crosshair = (int)(fz_byte() & 1);
    if (fz_byte() & 1) o.mm_per_pixel = fz_number();
    o.max_width = fz_byte() & 1 ? fz_size() : 1 + fz_byte();
    o.max_height = fz_byte() & 1 ? fz_size() : 1 + fz_byte();
    st = mv_render_planes(s->ctx, s->dst, s->src, &o);
    if (st == MEDVOL_OK) {
        MUST(s->dst->dtype == MEDVOL_RGB24 && s->dst->dim[2] == 1);
        MUST(!o.max_width || s->dst->dim[0] <= o.max_width);
        MUST(!o.max_height || s->dst->dim[1] <= o.max_height);
    }
    return st;
}
static const fz_op ops[] = {op_render};
FUZZ(render) { return fz_steps(p, n, ops, 1, 1 << 20); }
