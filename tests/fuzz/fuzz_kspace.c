/* fuzz_kspace.c - windows, shapes, masks, phantoms, partial and echo-planar k-space of any description. */
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
/* sizes of an axis or a part of it, mostly such that they fit */
static size_t few(unsigned most) { return fz_byte() > 250 ? fz_size() : fz_byte() % most; }
static mv_status op_uniform(fz_step *s) {
    mv_mask_uniform_opt o;
    size_t shape[3];
    int k;
    for (k = 0; k < 3; k++) shape[k] = few(20) + (fz_byte() > 10 ? 1 : 0);
    for (k = 0; k < 2; k++) o.accel[k] = few(5), o.calib[k] = few(7), o.offset[k] = few(3);
    o.shift = few(3);
    return mv_mask_uniform(s->ctx, s->dst, shape, &o);
}
static mv_status op_poisson(fz_step *s) {
    mv_mask_poisson_opt o;
    size_t shape[3];
    int k;
    for (k = 0; k < 3; k++) shape[k] = few(20) + (fz_byte() > 10 ? 1 : 0);
    if (shape[1] > 4000 || shape[2] > 4000) shape[2] = (size_t)-1; /* refused sooner than it takes minutes */
    for (k = 0; k < 2; k++) o.calib[k] = few(5);
    o.accel = fz_byte() > 200 ? fz_number() : 1 + fz_byte() / 32.0;
    o.edge = fz_byte() > 200 ? fz_number() : 1 + fz_byte() / 64.0;
    o.ellipse = (int)(fz_byte() & 1);
    o.seed = fz_noise();
    return mv_mask_poisson(s->ctx, s->dst, shape, &o);
}
static mv_status op_golden(fz_step *s) {
    mv_mask_golden_opt o;
    size_t shape[3];
    int k;
    for (k = 0; k < 3; k++) shape[k] = few(20) + (fz_byte() > 10 ? 1 : 0);
    o.shots = few(30), o.frames = few(5);
    o.density = fz_byte() > 200 ? fz_number() : fz_byte() / 256.0;
    o.order = (int)(fz_byte() & 1);
    return mv_mask_golden(s->ctx, s->dst, shape, &o);
}
static mv_status op_phantom(fz_step *s) {
    static mv_ellipse e[3];
    mv_phantom_opt o;
    size_t shape[3];
    double values[30];
    unsigned which = fz_byte() % 3;
    int k;
    memset(&o, 0, sizeof o);
    for (k = 0; k < 3; k++) shape[k] = few(k < 2 ? 14 : 4) + (fz_byte() > 10 ? 1 : 0);
    for (k = 0; k < 30; k++) values[k] = fz_byte() > 240 ? fz_number() : (double)fz_byte() / 128 + 0.01;
    memcpy(e, values, sizeof e);
    o.kind = (int)(fz_byte() % 33 / 16);
    o.count = fz_byte() % 4;
    if (fz_byte() & 1) o.shapes = e;
    o.coils = few(4);
    return which == 0 ? mv_phantom_image(s->ctx, s->dst, shape, &o)
        : which == 1  ? mv_phantom_kspace(s->ctx, s->dst, shape, &o)
                      : mv_phantom_sens(s->ctx, s->dst, shape, &o);
}
static mv_status op_partial(fz_step *s) { /* of the spectrum of what there is, or of that itself */
    mv_homodyne_opt h;
    mv_pocs_opt p;
    mv_fft_opt o;
    mv_volume v;
    const int axis = fz_byte() > 250 ? 3 : (int)(fz_byte() % 3), told = fz_byte() > 100;
    mv_status st = MEDVOL_OK;
    memset(&h, 0, sizeof h), memset(&p, 0, sizeof p), memset(&o, 0, sizeof o), memset(&v, 0, sizeof v);
    o.flags = MEDVOL_FFT_CENTERED;
    if (told) h.first = few(4), h.count = few(8) + 1;
    h.step = (int)(fz_byte() & 1), h.keep_phase = (int)(fz_byte() & 1);
    p.first = h.first, p.count = h.count;
    p.iterations = fz_byte() > 250 ? -1 : (int)(fz_byte() % 4), p.transition = (int)(fz_byte() % 6) - 1;
    s->loose = HUGE_VAL; /* phases of noise differ from level to level */
    if (told && fz_byte() > 60) st = mv_fft(s->ctx, &v, s->src, &o); /* whose zeros are those of a level */
    if (st == MEDVOL_OK) {
        const mv_volume *src = v.data ? &v : s->src;
        st = fz_byte() & 1 ? mv_homodyne(s->ctx, s->dst, src, axis, &h)
                           : mv_pocs(s->ctx, s->dst, src, axis, &p);
    }
    mv_volume_free(s->ctx, &v);
    return st;
}
static mv_status op_epi(fz_step *s) {
    mv_fft_opt o;
    mv_volume v;
    double phase[2];
    mv_status st = MEDVOL_OK;
    memset(&o, 0, sizeof o), memset(&v, 0, sizeof v);
    phase[0] = fz_number(), phase[1] = fz_number();
    s->loose = HUGE_VAL;
    if (fz_byte() > 60) st = mv_fft(s->ctx, &v, s->src, &o);
    if (st == MEDVOL_OK && (fz_byte() & 1)) mv_epi_ghost_estimate(s->ctx, phase, v.data ? &v : s->src);
    if (st == MEDVOL_OK) st = mv_epi_ghost(s->ctx, s->dst, v.data ? &v : s->src, phase);
    mv_volume_free(s->ctx, &v);
    return st;
}
static mv_status op_ramp(fz_step *s) {
    mv_epi_timing t;
    mv_fft_opt o;
    mv_volume v;
    mv_status st;
    size_t n;
    double *const field[6] = {&t.up, &t.flat, &t.down, &t.delay, &t.dwell, &t.lambda};
    int k;
    memset(&o, 0, sizeof o), memset(&v, 0, sizeof v);
    for (k = 0; k < 6; k++) *field[k] = fz_byte() > 235 ? fz_number() : (double)(fz_byte() % 16);
    if (fz_byte() > 30)
        t.dwell = (t.up + t.flat + t.down) / (double)(s->src->dim[0] + fz_byte() % 4), t.delay = 0;
    n = few(12);
    s->loose = HUGE_VAL; /* the bare normal equations: any accuracy */
    if ((st = mv_fft(s->ctx, &v, s->src, &o)) == MEDVOL_OK) st = mv_epi_ramp(s->ctx, s->dst, &v, n, &t);
    mv_volume_free(s->ctx, &v);
    return st;
}
static mv_status op_unring(fz_step *s) {
    mv_unring_opt o;
    o.axes = fz_byte() > 240 ? fz_byte() : fz_byte() % 8;
    o.shifts = fz_byte() > 240 ? fz_size() : fz_byte() % 6;
    o.first = fz_byte() > 240 ? fz_size() : fz_byte() % 3;
    o.last = fz_byte() > 240 ? fz_size() : o.first + fz_byte() % 3;
    s->loose = HUGE_VAL; /* shifts that are as good */
    return mv_unring(s->ctx, s->dst, s->src, &o);
}
static const fz_op ops[] = {op_window, op_resize, op_uniform, op_poisson, op_golden, op_phantom, op_partial,
    op_partial, op_epi, op_ramp, op_unring};
FUZZ(kspace) { return fz_steps(p, n, ops, sizeof ops / sizeof *ops, 1 << 19); }
