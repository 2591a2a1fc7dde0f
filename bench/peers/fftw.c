/* needs: fftw3.h
   libs: -lfftw3f */
#include "fourier.h"
#include <fftw3.h>

/* One plan serves all working sets, which are aligned alike: FFTW_MEASURE, made in setup, on arrays of its
   own, so that the sources stay. */
static fftwf_plan plan;
static int planned;
static int make(const bench *b) {
    const mv_fft_desc *d = &((const mv_fft_plan *)b->own)->desc;
    const int n[3] = {(int)d->dim[2], (int)d->dim[1], (int)d->dim[0]};
    const int real = (d->flags & MEDVOL_FFT_REAL) != 0, back = real && (d->flags & MEDVOL_FFT_INVERSE);
    const int axes = d->axes == 7 ? 3 : d->axes == 3 ? 2 : 1, lead = 3 - axes;
    const int many = (int)(axes == 3 ? 1 : axes == 2 ? d->dim[2] : d->dim[1] * d->dim[2]);
    const int one = (int)d->dim[0] * (axes > 1 ? (int)d->dim[1] : 1) * (axes > 2 ? (int)d->dim[2] : 1);
    float *in = fftwf_alloc_real(bench_bytes(&b->aux[0]) / sizeof(float));
    float *out = fftwf_alloc_real(bench_bytes(&b->out) / sizeof(float));
    if (in && out && real && back)
        plan = fftwf_plan_dft_c2r(3, n, (fftwf_complex *)in, out, FFTW_MEASURE);
    else if (in && out && real) plan = fftwf_plan_dft_r2c(3, n, in, (fftwf_complex *)out, FFTW_MEASURE);
    else if (in && out)
        plan = fftwf_plan_many_dft(axes, n + lead, many, (fftwf_complex *)in, NULL, 1, one,
            (fftwf_complex *)out, NULL, 1, one, FFTW_FORWARD, FFTW_MEASURE);
    fftwf_free(in);
    fftwf_free(out);
    return plan == NULL;
}
static int setup(bench *b) {
    if (!planned) planned = !make(b);
    return !planned;
}
static int setup_back(bench *b) { /* c2r spoils its source: a copy of it, made anew for each call */
    float *copy = fftwf_alloc_real(bench_bytes(&b->aux[0]) / sizeof(float));
    b->peer_own = copy;
    return !copy || setup(b);
}
static void done(bench *b) {
    (void)b;
    if (planned) fftwf_destroy_plan(plan);
    planned = 0;
}
static void done_back(bench *b) {
    fftwf_free(b->peer_own);
    done(b);
}
static int run(bench *b) {
    fftwf_execute_dft(plan, (fftwf_complex *)b->aux[0].data, (fftwf_complex *)b->peer.data);
    return 0;
}
static int run_reals(bench *b) {
    fftwf_execute_dft_r2c(plan, (float *)b->aux[0].data, (fftwf_complex *)b->peer.data);
    return 0;
}
static int run_back(bench *b) {
    memcpy(b->peer_own, b->aux[0].data, bench_bytes(&b->aux[0]));
    fftwf_execute_dft_c2r(plan, (fftwf_complex *)b->peer_own, (float *)b->peer.data);
    return 0;
}
static int check(bench *b) { return peer_differs(b, 1e-6); }

extern const bench_peer peers_fftw[];
#define ROW(op) {"FFTW measure", op, MEDVOL_F32, run, .check = check, .setup = setup, .done = done}
const bench_peer peers_fftw[] = {
    ROW("fft 3-D"), ROW("fft 2-D"), ROW("fft 1-D"), ROW("fft 1-D, prime"), ROW("fft 1-D, one line"),
    ROW("fft 1-D, one long line"), ROW("fft 4096, 4096 lines"), ROW("fft 256 x 256, 32 planes"),
    ROW("fft 320 x 320, 32 planes"), ROW("fft 512 x 512, 32 planes"), ROW("fft 240 x 240 x 240"),
    ROW("fft 250 x 250 x 250"), ROW("fft 251, 16384 lines"), ROW("fft 257, 16384 lines"),
    ROW("fft 1009, 4096 lines"), ROW("fft 4093, 1024 lines"), ROW("fft 251 x 251 x 251"),
    {"FFTW measure", "fft 3-D of reals", MEDVOL_F32, run_reals, .check = check, .setup = setup, .done = done},
    {"FFTW measure", "fft 3-D to reals", MEDVOL_F32, run_back, .check = check, .setup = setup_back,
        .done = done_back},
    {0},
};
