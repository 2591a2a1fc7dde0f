/* profile_coils - receiver coils: combination, whitening, compression and sensitivities of coil images.

   Build:  cc -O2 examples/profile_coils.c -lm -lpthread -o profile_coils
   Run:    ./profile_coils 256 20
   Shows:  the middle plane of a volume as eight coils would see it. Root sum of squares and combination read
   the coils once, at the speed of memory; whitening multiplies them by a matrix; the Gram matrix behind a
   compression is made in doubles; Walsh's maps take an eigenvector at each voxel, Inati's some rounds of
   smoothing. */
#include "example.h"

enum { PROFILE_COILS = 8 };
/* the middle plane of the head, weighed as by coils around it */
static void profile_coils_make(const mv_volume *head, mv_volume *coils) {
    const size_t nx = head->dim[0], ny = head->ndim > 1 ? head->dim[1] : 1;
    const size_t n = nx * ny, nz = mv_volume_count(head) / n;
    const float *plane = (const float *)head->data + nz / 2 * n;
    float *p = (float *)coils->data;
    size_t i, c;
    for (c = 0; c < PROFILE_COILS; c++) {
        const double a = 6.2831853 * (double)c / PROFILE_COILS;
        for (i = 0; i < n; i++) {
            const double x = (double)(i % nx) / (double)nx - 0.5 - 0.7 * cos(a);
            const double y = (double)i / (double)n - 0.5 - 0.7 * sin(a), m = exp(-2.0 * (x * x + y * y));
            *p++ = (float)(m * cos(a + x) * (double)plane[i]);
            *p++ = (float)(m * sin(a + x) * (double)plane[i]);
        }
    }
}
static void profile_coils(ex *e) {
    mv_volume head, coils, maps, image, rss, less;
    size_t dim[4], n, i, whole = 0;
    double psi[2 * PROFILE_COILS * PROFILE_COILS], bytes, wrong = 0.0, all = 0.0;
    const float *p, *q;

    ex_input(e, &head, MEDVOL_F32);
    dim[0] = head.dim[0], dim[1] = head.ndim > 1 ? head.dim[1] : 1, dim[2] = 1, dim[3] = PROFILE_COILS;
    n = dim[0] * dim[1];
    EX_OK(mv_volume_alloc(&e->ctx, &coils, MEDVOL_C64, 4, dim));
    profile_coils_make(&head, &coils);
    memset(&maps, 0, sizeof maps);
    memset(&image, 0, sizeof image);
    memset(&rss, 0, sizeof rss);
    memset(&less, 0, sizeof less);
    memset(psi, 0, sizeof psi);
    for (i = 0; i < PROFILE_COILS; i++) psi[2 * i * (PROFILE_COILS + 1)] = 1.0 + (double)i;
    bytes = ex_bytes(&coils);

    for (ex_begin(e, "coil rss", &coils, bytes, 0, 0, 0); ex_more(e);)
        EX_OK(mv_coil_rss(&e->ctx, &rss, &coils, NULL));
    for (ex_begin(e, "coil walsh", &coils, bytes, 0, 0, 0); ex_more(e);)
        EX_OK(mv_coil_walsh(&e->ctx, &maps, &coils, NULL));
    for (ex_begin(e, "coil inati", &coils, bytes, 0, 0, 0); ex_more(e);)
        EX_OK(mv_coil_inati(&e->ctx, &maps, &coils, NULL));
    for (ex_begin(e, "coil combine", &coils, 2.0 * bytes, 0, 0, 0); ex_more(e);)
        EX_OK(mv_coil_combine(&e->ctx, &image, &coils, &maps, NULL));
    for (ex_begin(e, "coil compress to 4", &coils, bytes, 0, 0, 0); ex_more(e);)
        EX_OK(mv_coil_compress(&e->ctx, &less, &coils, 4, NULL));

    /* what the maps combine has the size of the root sum of squares */
    p = (const float *)rss.data;
    q = (const float *)image.data;
    for (i = 0; i < n; i++) {
        const double m = hypot((double)q[2 * i], (double)q[2 * i + 1]) - (double)p[i];
        wrong += m * m;
        all += (double)p[i] * (double)p[i];
        whole += p[i] > 0.0f;
    }
    EX_EXPECT(e, whole == 0 || sqrt(wrong) <= 0.2 * sqrt(all), "coils: combined by their maps");
    for (ex_begin(e, "coil whiten, in place", &coils, bytes, 0, 0, 0); ex_more(e);)
        EX_OK(mv_coil_whiten(&e->ctx, &coils, &coils, psi));

    mv_volume_free(&e->ctx, &head);
    mv_volume_free(&e->ctx, &coils);
    mv_volume_free(&e->ctx, &maps);
    mv_volume_free(&e->ctx, &image);
    mv_volume_free(&e->ctx, &rss);
    mv_volume_free(&e->ctx, &less);
}
EX_PROFILER(profile_coils, "receiver coils: combination, whitening, compression, maps")
