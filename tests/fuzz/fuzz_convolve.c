/* fuzz_convolve.c - transforms of volumes, convolutions and translations of any sort. */
#include "fuzz.h"

static mv_fft_opt options(void) {
    mv_fft_opt o;
    int k;
    memset(&o, 0, sizeof o);
    o.axes = fz_byte() & (fz_byte() > 250 ? 255u : 7u);
    o.flags = fz_byte() & 31;
    if (fz_byte() & 1) o.scale = fz_number();
    for (k = 0; k < 7; k++)
        if (fz_byte() & 1) o.shape[k] = fz_byte() > 250 ? fz_size() : fz_byte() % 12;
    return o;
}
/* what results may differ by, of the largest real voxel; of complex ones nothing is known */
static double slack(const fz_step *s, double scale) {
    return mv_dtype_name(s->src->dtype)[0] == 'c' || scale != scale ? HUGE_VAL : 1 + fabs(scale);
}
static mv_status op_fft(fz_step *s) {
    mv_fft_opt o = options();
    s->loose = slack(s, o.scale);
    return mv_fft(s->ctx, s->dst, s->src, &o);
}
static mv_status op_rfft(fz_step *s) {
    mv_fft_opt o = options();
    s->loose = slack(s, o.scale);
    return mv_rfft(s->ctx, s->dst, s->src, &o);
}
static mv_status op_irfft(fz_step *s) { /* of what mv_rfft makes of it, where it does */
    mv_fft_opt o = options();
    mv_volume half;
    mv_status st;
    s->loose = slack(s, o.scale);
    memset(&half, 0, sizeof half);
    if (fz_byte() & 1) return mv_irfft(s->ctx, s->dst, s->src, &o);
    st = mv_rfft(s->ctx, &half, s->src, NULL);
    if (st == MEDVOL_OK) st = mv_irfft(s->ctx, s->dst, &half, &o);
    mv_volume_free(s->ctx, &half);
    return st;
}
static mv_status op_convolve(fz_step *s) { /* a kernel of numbers up to 1 */
    static double taps[256];
    mv_convolve_opt o;
    mv_volume kernel;
    size_t shape[3], i;
    const mv_dtype type = fz_byte() & 1 ? MEDVOL_F32 : fz_byte() & 1 ? MEDVOL_C128 : MEDVOL_F64;
    mv_status st;
    o.mode = (int)(fz_byte() % 4);
    o.method = (int)(fz_byte() % 4);
    s->loose = 1;
    for (i = 0; i < 3; i++) shape[i] = 1 + fz_byte() % 4;
    if (fz_byte() & 1) shape[0] = 1 + fz_byte() % 120, shape[1] = shape[2] = 1;
    for (i = 0; i < 256; i++) {
        const double x = (double)(fz_noise() & 0xff) / 128.0 - 1.0;
        if (type == MEDVOL_F32) ((float *)taps)[i] = (float)x;
        else taps[i] = x;
    }
    st = mv_volume_wrap(s->ctx, &kernel, taps, type, 1 + (int)(fz_byte() % 3), shape, NULL);
    if (st < 0) return st;
    if (fz_byte() & 1) return mv_correlate(s->ctx, s->dst, s->src, &kernel, &o);
    return mv_convolve(s->ctx, s->dst, s->src, &kernel, &o);
}
static mv_status op_phase(fz_step *s) { /* of noise the maximum is no level's promise */
    mv_phase_opt o;
    mv_volume copy;
    mv_shift shift;
    mv_status st;
    o.window = (int)(fz_byte() & 1);
    o.plain = (int)(fz_byte() & 1);
    o.upsample = (int)(fz_byte() % 21);
    memset(&copy, 0, sizeof copy);
    if ((st = mv_volume_copy(s->ctx, &copy, s->src)) < 0) return st;
    st = mv_phase_correlate(s->ctx, &shift, &copy, s->src, &o);
    if (st == MEDVOL_OK) {
        MUST(shift.peak < 1.01 && shift.peak == shift.peak);
        st = mv_volume_copy(s->ctx, s->dst, &copy);
    }
    mv_volume_free(s->ctx, &copy);
    return st;
}
static const fz_op ops[] = {op_fft, op_rfft, op_irfft, op_convolve, op_convolve, op_phase};
FUZZ(convolve) { return fz_steps(p, n, ops, sizeof ops / sizeof *ops, 1 << 21); }
