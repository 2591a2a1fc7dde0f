/* profile_fft - images into k-space and back: whole volumes, planes, lines, complex and real.

   Build:  cc -O2 examples/profile_fft.c -lm -lpthread -o profile_fft
   Run:    ./profile_fft 256 20
   Shows:  a volume is read and written twice, once for x and y while a plane lies in the cache, once for z;
   centring and scale cost nothing; a real volume half of a complex one. */
#include "example.h"

/* plan and run: one row */
static void profile_fft_row(ex *e, const char *name, const mv_volume *in, unsigned axes, unsigned flags,
                            float *to, const float *from) {
    mv_fft_desc d;
    mv_fft_plan plan;
    const int real = (flags & MEDVOL_FFT_REAL) != 0;
    const double bytes = ex_bytes(in) * (real ? 1.0 : 2.0); /* read, and about as many written */
    int k;
    memset(&d, 0, sizeof d);
    d.ndim = in->ndim;
    for (k = 0; k < in->ndim; k++) d.dim[k] = in->dim[k];
    if (!(d.axes = axes & ((1u << in->ndim) - 1))) return; /* a picture has no z */
    d.flags = flags;
    EX_OK(mv_fft_plan_init(&e->ctx, &plan, &d));
    for (ex_begin(e, name, in, 0, bytes, 0, 0); ex_more(e);)
        EX_OK(mv_fft_plan_execute(&e->ctx, &plan, to, from));
    mv_fft_plan_free(&e->ctx, &plan);
}
static void profile_fft(ex *e) {
    const unsigned unitary = MEDVOL_FFT_CENTERED | MEDVOL_FFT_UNITARY;
    mv_volume head, k_space, complex_image;
    size_t n, i, dim[7] = {0};
    const float *f;
    float *x, *y;
    double wrong = 0.0, all = 0.0;
    int d;

    ex_input(e, &head, MEDVOL_F32);
    n = mv_volume_count(&head);
    for (d = 0; d < head.ndim; d++) dim[d] = head.dim[d];
    EX_OK(mv_volume_alloc(&e->ctx, &complex_image, MEDVOL_C64, head.ndim, dim));
    dim[0] = dim[0] / 2 * 2 + 2; /* room for real ones, too */
    EX_OK(mv_volume_alloc(&e->ctx, &k_space, MEDVOL_C64, head.ndim, dim));
    f = (const float *)head.data;
    x = (float *)complex_image.data;
    y = (float *)k_space.data;
    for (i = 0; i < n; i++) {
        x[2 * i] = f[i];
        x[2 * i + 1] = 0.25f * f[n - 1 - i];
    }
    memset(y, 0, (size_t)ex_bytes(&k_space));

    profile_fft_row(e, "fft x y z", &head, 7, 0, y, x);
    profile_fft_row(e, "fft x y z, centred, unitary", &head, 7, unitary, y, x);
    profile_fft_row(e, "and back, in place", &head, 7, unitary | MEDVOL_FFT_INVERSE, y, y);
    profile_fft_row(e, "fft of each plane", &head, 3, 0, y, x);
    profile_fft_row(e, "fft along x", &head, 1, 0, y, x);
    profile_fft_row(e, "fft along z", &head, 4, 0, y, x);
    profile_fft_row(e, "fft of reals", &head, 7, MEDVOL_FFT_REAL, y, f);
    profile_fft_row(
        e, "fft to reals", &head, 7, MEDVOL_FFT_REAL | MEDVOL_FFT_INVERSE | MEDVOL_FFT_SCALED, x, y);

    /* there and back gives the head again */
    for (i = 0; i < n; i++) {
        wrong += ((double)x[i] - (double)f[i]) * ((double)x[i] - (double)f[i]);
        all += (double)f[i] * (double)f[i];
    }
    EX_EXPECT(e, sqrt(wrong) <= 1e-6 * sqrt(all), "fft: there and back is the volume");

    mv_volume_free(&e->ctx, &head);
    mv_volume_free(&e->ctx, &k_space);
    mv_volume_free(&e->ctx, &complex_image);
}
EX_PROFILER(profile_fft, "Fourier transforms, there and back")
