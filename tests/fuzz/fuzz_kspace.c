/* fuzz_kspace.c - windows, shapes and masks of any description. */
#include "fuzz.h"

static mv_status op_window(fz_step *s) {
    mv_window_opt o;
    double *const field[5] = {&o.extent, &o.taper, &o.radius, &o.width, &o.sigma};
    int k;
    memset(&o, 0, sizeof o);
    o.kind = (int)(fz_byte() % 6);
    o.axes = fz_byte() % (fz_byte() > 250 ? 16 : 8);
    o.radial = (int)(fz_byte() & 1);
    for (k = 0; k < 5; k++)
        if (fz_byte() & 1) *field[k] = fz_byte() > 200 ? fz_number() : (double)(fz_byte()) / 255.0;
    return mv_kspace_window(s->ctx, s->dst, s->src, &o);
}
static mv_status op_resize(fz_step *s) {
    size_t shape[3];
    int k;
    for (k = 0; k < 3; k++) shape[k] = fz_byte() > 250 ? fz_size() : fz_byte() % 14;
    return mv_kspace_resize(s->ctx, s->dst, s->src, shape);
}
static const fz_op ops[] = {op_window, op_resize};
FUZZ(kspace) { return fz_steps(p, n, ops, sizeof ops / sizeof *ops, 1 << 19); }
