/* fuzz_sense.c - images from k-space, maps and masks of any sort: refused by name, or what the scalar level
 * makes. */
#include "fuzz.h"

enum { ROOM = 12288 }; /* 9 x 8 x 3 voxels of 3 coils in 3 frames, pairs */
static float data[3][ROOM], weights[64];

/* a volume of x, y, z, coil, more on an array; now and then of another shape or type */
static mv_status volume(mv_ctx *c, mv_volume *v, float *p, const size_t *dim, int ndim) {
    size_t d[7];
    int k;
    for (k = 0; k < 7; k++) d[k] = k < ndim ? dim[k] : 1;
    if (fz_byte() > 240) d[fz_byte() % 5] = 1 + fz_byte() % 3, ndim = 5;
    return mv_volume_wrap(c, v, p, fz_byte() > 250 ? MEDVOL_F32 : MEDVOL_C64, ndim, d, NULL);
}
static void numbers(float *p, int wild) {
    size_t i;
    for (i = 0; i < ROOM; i++) p[i] = (float)((double)(fz_noise() & 0xffff) / 32768.0 - 1.0);
    if (wild) p[fz_byte() % 64] = (float)fz_number();
    if (fz_byte() > 200)
        for (i = 0; i < ROOM; i++)
            if (i / 6 % 2) p[i] = 0;
}
static mv_status op_sense(fz_step *s) {
    const size_t x = 1 + fz_byte() % 9, y = 1 + fz_byte() % 8, z = 1 + fz_byte() % 3,
                 coils = 1 + fz_byte() % 3;
    const size_t frames = 1 + fz_byte() % 3, sets = fz_byte() > 200 ? 2 : 1, which = fz_byte() % 4;
    const size_t kdim[5] = {x, y, z, coils, frames}, mdim[5] = {x, y, z, coils, sets};
    const int wild = fz_byte() > 230;
    size_t idim[5] = {x, y, z, sets, frames}, wdim[3];
    mv_volume k, maps, mask, g;
    double residual[8];
    mv_status st;
    size_t i;
    if (sets == 1) idim[3] = frames;
    numbers(data[0], wild), numbers(data[1], 0);
    for (i = 0; i < 64; i++) weights[i] = (float)(fz_noise() % 3) * 0.5f;
    if (wild) weights[fz_byte() % 64] = (float)fz_number();
    for (i = 0; i < 3; i++) wdim[i] = fz_byte() & 1 ? 1 : kdim[i];
    if (wdim[0] * wdim[1] * wdim[2] > 64) wdim[0] = wdim[1] = wdim[2] = 1;
    memset(&g, 0, sizeof g);
    st = which == 0 ? volume(s->ctx, &k, data[0], idim, sets > 1 ? 5 : 4)
                    : volume(s->ctx, &k, data[0], kdim, 5);
    if (st == MEDVOL_OK) st = volume(s->ctx, &maps, data[1], mdim, 5);
    if (st == MEDVOL_OK) st = mv_volume_wrap(s->ctx, &mask, weights, MEDVOL_F32, 3, wdim, NULL);
    if (st < 0) return st;
    s->loose = wild ? HUGE_VAL : 0.02; /* of the largest voxel */
    if (which == 0) return mv_sense_forward(s->ctx, s->dst, &k, &maps, fz_byte() & 1 ? &mask : NULL);
    if (which == 1) return mv_sense_adjoint(s->ctx, s->dst, &k, &maps, fz_byte() & 1 ? &mask : NULL);
    if (which == 2) {
        mv_cg_sense_opt o;
        memset(&o, 0, sizeof o);
        o.mask = fz_byte() & 1 ? &mask : NULL;
        o.lambda = fz_byte() > 230 ? fz_number() : 0.3;
        o.iterations = 1 + (int)(fz_byte() % 3);
        o.tolerance = fz_byte() > 230 ? fz_number() : 0;
        o.residual = frames <= 8 ? residual : NULL;
        if (!(o.lambda > 0.1 && o.lambda < 1e6)) s->loose = HUGE_VAL;
        return mv_cg_sense(s->ctx, s->dst, &k, &maps, &o);
    } else {
        mv_sense_opt o;
        memset(&o, 0, sizeof o);
        o.accel[0] = fz_byte() > 250 ? fz_size() : fz_byte() % 4, o.accel[1] = fz_byte() % 3;
        o.shift = fz_byte() > 250 ? fz_size() : fz_byte() % 3;
        o.lambda = fz_byte() > 230 ? fz_number() : 0.3;
        o.gfactor = fz_byte() & 1 ? &g : NULL;
        if (!(o.lambda > 0.1 && o.lambda < 1e6)) s->loose = HUGE_VAL;
        st = mv_sense(s->ctx, s->dst, &k, &maps, &o);
        for (i = 0; st == MEDVOL_OK && g.data && !wild && i < mv_volume_count(&g); i++)
            MUST(((const float *)g.data)[i] >= 0);
        mv_volume_free(s->ctx, &g);
        return st;
    }
}
static const fz_op ops[] = {op_sense};
FUZZ(sense) { return fz_steps(p, n, ops, 1, 1 << 21); }
