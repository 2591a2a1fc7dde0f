/* profile_sense - images from undersampled k-space of eight coils: unfolded, and by conjugate gradients.

   Build:  cc -O2 examples/profile_sense.c -lm -lpthread -o profile_sense
   Run:    ./profile_sense 256 20
   Shows:  lines left out cost transforms along y alone; points left out by chance, along both axes; unfolding
   needs one transform of each coil. */
#include "example.h"

enum { PROFILE_SENSE_COILS = 8 };
/* coils round the head, of unit length together */
static void profile_sense_maps(mv_volume *maps, size_t nx, size_t ny) {
    size_t i, c;
    for (i = 0; i < nx * ny; i++) {
        float *s = (float *)maps->data + 2 * i;
        const size_t row = i / nx;
        double sum = 0.0;
        for (c = 0; c < PROFILE_SENSE_COILS; c++) {
            const double turn = 6.283185307 * (double)c / PROFILE_SENSE_COILS;
            const double x = (double)(i % nx) / (double)nx - 0.5 - 0.7 * cos(turn);
            const double y = (double)row / (double)ny - 0.5 - 0.7 * sin(turn);
            const double size = 1.0 / (0.2 + x * x + y * y);
            s[2 * nx * ny * c] = (float)(size * cos(2.0 * x + turn));
            s[2 * nx * ny * c + 1] = (float)(size * sin(2.0 * x + turn));
            sum += size * size;
        }
        for (c = 0; c < PROFILE_SENSE_COILS; c++) {
            s[2 * nx * ny * c] /= (float)sqrt(sum);
            s[2 * nx * ny * c + 1] /= (float)sqrt(sum);
        }
    }
}
static double profile_sense_error(const mv_volume *image, const mv_volume *truth) {
    const float *p = (const float *)image->data, *q = (const float *)truth->data;
    const size_t n = 2 * mv_volume_count(truth);
    double wrong = 0.0, all = 0.0;
    size_t i;
    if (!p || !q) return 1.0;
    for (i = 0; i < n; i++) {
        wrong += ((double)p[i] - (double)q[i]) * ((double)p[i] - (double)q[i]);
        all += (double)q[i] * (double)q[i];
    }
    return sqrt(wrong / all);
}
static void profile_sense(ex *e) {
    mv_volume head, maps, truth, k_space, image = {0}, mask;
    mv_cg_sense_opt gradients = {0};
    mv_sense_opt unfold = {0};
    size_t dim[4], n, i;
    const float *f;
    double bytes;
    int k;

    ex_input(e, &head, MEDVOL_F32);
    dim[0] = head.dim[0], dim[1] = head.dim[1] / 2 * 2, dim[2] = 1, dim[3] = PROFILE_SENSE_COILS;
    if (dim[1] < 2) dim[1] = 2, dim[0] = 1; /* of a line, one voxel in each half */
    n = dim[0] * dim[1];
    EX_OK(mv_volume_alloc(&e->ctx, &maps, MEDVOL_C64, 4, dim));
    EX_OK(mv_volume_alloc(&e->ctx, &truth, MEDVOL_C64, 3, dim));
    EX_OK(mv_volume_alloc(&e->ctx, &mask, MEDVOL_F32, 3, dim));
    profile_sense_maps(&maps, dim[0], dim[1]);
    f = (const float *)head.data + (head.ndim > 2 ? head.dim[2] / 2 * head.dim[0] * head.dim[1] : 0);
    for (i = 0; i < n; i++) {
        ((float *)truth.data)[2 * i] = f[i] + 1.0f;
        ((float *)truth.data)[2 * i + 1] = 0.25f * f[n - 1 - i];
    }
    memset(&k_space, 0, sizeof k_space);
    bytes = 8.0 * (double)n * (2 * PROFILE_SENSE_COILS + 1); /* k-space and maps in, an image out */

    for (k = 0; k < 2; k++) { /* every second line; two points of five, and the centre */
        for (i = 0; i < n; i++) {
            const size_t far = dim[0] / 16 + 1, x = i % dim[0] + far - dim[0] / 2,
                         y = i / dim[0] + far - dim[1] / 2;
            ((float *)mask.data)[i] =
                (float)(k ? ex_hash(i) % 5 < 2 || (x <= 2 * far && y <= 2 * far) : i / dim[0] % 2 == 0);
        }
        EX_OK(mv_sense_forward(&e->ctx, &k_space, &truth, &maps, &mask));
        gradients.mask = &mask;
        gradients.iterations = 30;
        for (ex_begin(e, k ? "cg-sense, 30 steps, points" : "cg-sense, 30 steps, lines", &k_space, 0, bytes,
                      0, 0);
             ex_more(e);)
            EX_OK(mv_cg_sense(&e->ctx, &image, &k_space, &maps, &gradients));
        EX_EXPECT(e, profile_sense_error(&image, &truth) < 0.3, "cg-sense: the image");
        mv_volume_free(&e->ctx, &image);
        if (k) break;
        unfold.accel[0] = 2;
        for (ex_begin(e, "sense, R = 2", &k_space, 0, bytes, 0, 0); ex_more(e);)
            EX_OK(mv_sense(&e->ctx, &image, &k_space, &maps, &unfold));
        EX_EXPECT(e, profile_sense_error(&image, &truth) < 0.01, "sense: the image");
        mv_volume_free(&e->ctx, &image);
    }
    for (ex_begin(e, "sense forward", &truth, 0, bytes, 0, 0); ex_more(e);)
        EX_OK(mv_sense_forward(&e->ctx, &k_space, &truth, &maps, &mask));

    mv_volume_free(&e->ctx, &head);
    mv_volume_free(&e->ctx, &maps);
    mv_volume_free(&e->ctx, &truth);
    mv_volume_free(&e->ctx, &k_space);
    mv_volume_free(&e->ctx, &mask);
}
EX_PROFILER(profile_sense, "images from undersampled k-space")
