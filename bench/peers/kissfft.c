/* needs: kiss_fft.h
   cflags: -isystem /usr/include/kissfft
   libs: -lkissfft-float */
#include "fourier.h"
#include <kiss_fftnd.h>
#include <kiss_fftr.h>

/* One plan serves all working sets. Volumes of reals take the steps of its kiss_fftndr, which as Debian has
   it refuses to plan more than 24 a side: lines of reals, then each plane across them. */
static void *plan, *lines;
static kiss_fft_cpx *half, *plane; /* the half spectrum, one plane of it */
/* Its work grows with the largest prime of a length: products of numbers over which it is left out, being
   seconds a call. */
#define MOST_WORK 2e9

static size_t largest_prime(size_t n) {
    size_t k, most = 1;
    for (k = 2; k * k <= n; k++)
        for (; n % k == 0; n /= k) most = k;
    return n > 1 ? n : most;
}
static int setup(bench *b) {
    const mv_fft_desc *d = &((const mv_fft_plan *)b->own)->desc;
    const int n[3] = {(int)d->dim[2], (int)d->dim[1], (int)d->dim[0]};
    const int real = (d->flags & MEDVOL_FFT_REAL) != 0, back = (d->flags & MEDVOL_FFT_INVERSE) != 0;
    double work = 0;
    int k;
    for (k = 0; k < 3; k++)
        if (d->axes >> k & 1u) work += (double)largest_prime(d->dim[k]) * (double)mv_volume_count(&b->out);
    if (work > MOST_WORK) return -1;
    if (real && d->dim[0] % 2) return -1;
    if (plan) return 0;
    plan = d->axes == 1 && !real ? (void *)kiss_fft_alloc(n[2], back, NULL, NULL)
        : d->axes == 3           ? (void *)kiss_fftnd_alloc(n + 1, 2, back, NULL, NULL)
                                 : (void *)kiss_fftnd_alloc(n, real ? 2 : 3, back, NULL, NULL);
    if (!real) return !plan;
    lines = kiss_fftr_alloc(n[2], back, NULL, NULL);
    plane = (kiss_fft_cpx *)malloc(2 * d->dim[1] * d->dim[2] * sizeof *plane);
    half = (kiss_fft_cpx *)malloc((d->dim[0] / 2 + 1) * d->dim[1] * d->dim[2] * sizeof *half);
    return !plan || !lines || !plane || !half;
}
static void done(bench *b) {
    (void)b;
    kiss_fft_free(plan);
    kiss_fft_free(lines);
    free(plane);
    free(half);
    plan = lines = NULL;
    plane = half = NULL;
}
static int run(bench *b) {
    const mv_fft_desc *d = &((const mv_fft_plan *)b->own)->desc;
    const kiss_fft_cpx *in = (const kiss_fft_cpx *)b->aux[0].data;
    kiss_fft_cpx *out = (kiss_fft_cpx *)b->peer.data;
    const size_t one = d->dim[0] * (d->axes & 2 ? d->dim[1] : 1) * (d->axes & 4 ? d->dim[2] : 1);
    size_t i, all = mv_volume_count(&b->aux[0]);
    for (i = 0; i < all; i += one)
        if (d->axes == 1) kiss_fft((kiss_fft_cfg)plan, in + i, out + i);
        else kiss_fftnd((kiss_fftnd_cfg)plan, in + i, out + i);
    return 0;
}
static void planes(kiss_fft_cpx *out, const kiss_fft_cpx *in, size_t pitch, size_t n) {
    size_t x, i;
    for (x = 0; x < pitch; x++) {
        for (i = 0; i < n; i++) plane[i] = in[x + i * pitch];
        kiss_fftnd((kiss_fftnd_cfg)plan, plane, plane + n);
        for (i = 0; i < n; i++) out[x + i * pitch] = plane[n + i];
    }
}
static int run_reals(bench *b) {
    const size_t nx = b->aux[0].dim[0], n = b->aux[0].dim[1] * b->aux[0].dim[2], pitch = nx / 2 + 1;
    const float *in = (const float *)b->aux[0].data;
    size_t i;
    for (i = 0; i < n; i++) kiss_fftr((kiss_fftr_cfg)lines, in + i * nx, half + i * pitch);
    planes((kiss_fft_cpx *)b->peer.data, half, pitch, n);
    return 0;
}
static int run_back(bench *b) {
    const size_t nx = b->out.dim[0], n = b->out.dim[1] * b->out.dim[2], pitch = nx / 2 + 1;
    float *out = (float *)b->peer.data;
    size_t i;
    planes(half, (const kiss_fft_cpx *)b->aux[0].data, pitch, n);
    for (i = 0; i < n; i++) kiss_fftri((kiss_fftr_cfg)lines, half + i * pitch, out + i * nx);
    return 0;
}
static int check(bench *b) { return peer_differs(b, 2e-6); } /* of primes it adds as many in floats */

#define ROW(op, run) {"KissFFT", op, MEDVOL_F32, run, .check = check, .setup = setup, .done = done}
extern const bench_peer peers_kissfft[];
const bench_peer peers_kissfft[] = {
    ROW("fft 3-D", run), ROW("fft 2-D", run), ROW("fft 1-D", run), ROW("fft 1-D, prime", run),
    ROW("fft 1-D, one line", run), ROW("fft 1-D, one long line", run), ROW("fft 4096, 4096 lines", run),
    ROW("fft 256 x 256, 32 planes", run), ROW("fft 320 x 320, 32 planes", run),
    ROW("fft 512 x 512, 32 planes", run), ROW("fft 240 x 240 x 240", run), ROW("fft 250 x 250 x 250", run),
    ROW("fft 251, 16384 lines", run), ROW("fft 257, 16384 lines", run), ROW("fft 1009, 4096 lines", run),
    ROW("fft 4093, 1024 lines", run), ROW("fft 251 x 251 x 251", run), ROW("fft 3-D of reals", run_reals),
    ROW("fft 3-D to reals", run_back),
    {0},
};
