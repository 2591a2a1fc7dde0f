/* profile_espirit - sensitivities of receiver coils from the centre of k-space.

   Build:  cc -O2 examples/profile_espirit.c -lm -lpthread -o profile_espirit
   Run:    ./profile_espirit 256 20
   Shows:  the middle plane of a volume as eight coils would see it, taken into k-space, and their maps back
   from its 24 x 24 central samples: one set, two sets, and images of the centre over their root sum of
   squares. Most of the time goes into the products and eigenvectors of the calibration, whose size does not
   depend on the image's. */
#include "example.h"

enum { PROFILE_ESPIRIT_COILS = 8 };
static void profile_espirit_make(const mv_volume *head, mv_volume *coils) {
    const size_t nx = head->dim[0], ny = head->ndim > 1 ? head->dim[1] : 1;
    const size_t n = nx * ny, nz = mv_volume_count(head) / n;
    const float *plane = (const float *)head->data + nz / 2 * n;
    float *p = (float *)coils->data;
    size_t i, c;
    for (c = 0; c < PROFILE_ESPIRIT_COILS; c++) {
        const double a = 6.2831853 * (double)c / PROFILE_ESPIRIT_COILS;
        for (i = 0; i < n; i++) {
            const double x = (double)(i % nx) / (double)nx - 0.5 - 0.7 * cos(a);
            const double y = (double)i / (double)n - 0.5 - 0.7 * sin(a), m = exp(-2.0 * (x * x + y * y));
            *p++ = (float)(m * cos(a + x) * (double)plane[i]);
            *p++ = (float)(m * sin(a + x) * (double)plane[i]);
        }
    }
}
static double profile_espirit_energy(const mv_volume *v) {
    const float *p = (const float *)v->data;
    const size_t n = 2 * mv_volume_count(v);
    double sum = 0.0;
    size_t i;
    for (i = 0; i < n; i++) sum += (double)p[i] * (double)p[i];
    return sum;
}
static void profile_espirit(ex *e) {
    mv_volume head, coils, ksp, maps, two, low, image;
    mv_espirit_opt o;
    mv_fft_opt f;
    size_t dim[4], k;
    double bytes;

    ex_input(e, &head, MEDVOL_F32);
    dim[0] = head.dim[0], dim[1] = head.ndim > 1 ? head.dim[1] : 1, dim[2] = 1;
    dim[3] = PROFILE_ESPIRIT_COILS;
    EX_OK(mv_volume_alloc(&e->ctx, &coils, MEDVOL_C64, 4, dim));
    profile_espirit_make(&head, &coils);
    memset(&ksp, 0, sizeof ksp);
    memset(&maps, 0, sizeof maps);
    memset(&two, 0, sizeof two);
    memset(&low, 0, sizeof low);
    memset(&image, 0, sizeof image);
    memset(&f, 0, sizeof f);
    f.flags = MEDVOL_FFT_CENTERED | MEDVOL_FFT_UNITARY;
    EX_OK(mv_fft(&e->ctx, &ksp, &coils, &f));
    memset(&o, 0, sizeof o);
    for (k = 0; k < 2; k++) o.kernel[k] = dim[k] < 12 ? (dim[k] + 1) / 2 : 0;
    bytes = ex_bytes(&coils);

    for (ex_begin(e, "espirit", &coils, bytes, 0, 0, 0); ex_more(e);)
        EX_OK(mv_espirit(&e->ctx, &maps, &ksp, &o));
    o.sets = 2;
    for (ex_begin(e, "espirit, two sets", &coils, bytes, 0, 0, 0); ex_more(e);)
        EX_OK(mv_espirit(&e->ctx, &two, &ksp, &o));
    for (ex_begin(e, "coil lowres", &coils, bytes, 0, 0, 0); ex_more(e);)
        EX_OK(mv_coil_lowres(&e->ctx, &low, &ksp, NULL));

    /* maps of length 1 that fit leave nothing of the images out */
    EX_OK(mv_coil_combine(&e->ctx, &image, &coils, &maps, NULL));
    EX_EXPECT(e, profile_espirit_energy(&image) >= 0.9 * profile_espirit_energy(&coils),
        "espirit: the maps hold the images");

    mv_volume_free(&e->ctx, &head);
    mv_volume_free(&e->ctx, &coils);
    mv_volume_free(&e->ctx, &ksp);
    mv_volume_free(&e->ctx, &maps);
    mv_volume_free(&e->ctx, &two);
    mv_volume_free(&e->ctx, &low);
    mv_volume_free(&e->ctx, &image);
}
EX_PROFILER(profile_espirit, "sensitivities from the centre of k-space")
