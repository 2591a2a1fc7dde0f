/* profile_cs - compressed sensing: images of eight coils from two samples in five, and from 64 spokes.

   Build:  cc -O2 examples/profile_cs.c -lm -lpthread -o profile_cs
   Run:    ./profile_cs 256 5
   Shows:  least squares, wavelets and total variation on the same data, Cartesian and radial: what a term costs
   beside the transforms of the coils, and what it is worth. */
#include "example.h"

enum { PROFILE_CS_COILS = 8, PROFILE_CS_SPOKES = 64 };
/* coils round the head, of unit length together */
static void profile_cs_maps(mv_volume *maps, size_t nx, size_t ny) {
    size_t i, c;
    for (i = 0; i < nx * ny; i++) {
        float *s = (float *)maps->data + 2 * i;
        const size_t row = i / nx;
        double sum = 0.0;
        for (c = 0; c < PROFILE_CS_COILS; c++) {
            const double turn = 6.283185307 * (double)c / PROFILE_CS_COILS;
            const double x = (double)(i % nx) / (double)nx - 0.5 - 0.7 * cos(turn);
            const double y = (double)row / (double)ny - 0.5 - 0.7 * sin(turn);
            const double size = 1.0 / (0.2 + x * x + y * y);
            s[2 * nx * ny * c] = (float)(size * cos(2.0 * x + turn));
            s[2 * nx * ny * c + 1] = (float)(size * sin(2.0 * x + turn));
            sum += size * size;
        }
        for (c = 0; c < PROFILE_CS_COILS; c++) {
            s[2 * nx * ny * c] /= (float)sqrt(sum);
            s[2 * nx * ny * c + 1] /= (float)sqrt(sum);
        }
    }
}
/* |image - truth| / |truth|, after the best factor */
static double profile_cs_error(const mv_volume *image, const mv_volume *truth) {
    const float *p = (const float *)image->data, *q = (const float *)truth->data;
    const size_t n = 2 * mv_volume_count(truth);
    double xx = 0.0, xy = 0.0, yy = 0.0;
    size_t i;
    if (!p || !q) return 1.0;
    for (i = 0; i < n; i++) {
        xx += (double)p[i] * (double)p[i];
        xy += (double)p[i] * (double)q[i];
        yy += (double)q[i] * (double)q[i];
    }
    return xx > 0.0 && yy > 0.0 ? sqrt(fmax(0.0, 1.0 - xy * xy / xx / yy)) : 1.0;
}
/* three images of the same data, by least squares and with two terms */
static void profile_cs_images(ex *e, const char *const *names, const mv_volume *data,
                              const mv_encoding_desc *desc, const mv_volume *truth) {
    static const int steps[3] = {30, 50, 50};
    const double bytes = 8.0 * ((double)mv_volume_count(data) +
                                (double)(PROFILE_CS_COILS + 1) * (double)mv_volume_count(truth));
    int k;
    for (k = 0; k < 3; k++) {
        mv_volume image = {0};
        mv_recon_opt opt = {0};
        mv_reg term = {0};
        term.kind = k == 1 ? MEDVOL_REG_WAVELET : MEDVOL_REG_TV;
        term.lambda = 0.002;
        opt.solve.iterations = steps[k];
        if (k) opt.solve.regs = &term, opt.solve.reg_count = 1;
        else opt.solve.lambda = 0.001;
        for (ex_begin(e, names[k], data, 0, bytes, 0, 0); ex_more(e);)
            EX_OK(mv_recon(&e->ctx, &image, data, desc, &opt));
        EX_EXPECT(e, profile_cs_error(&image, truth) < 0.6, "recon: the image");
        mv_volume_free(&e->ctx, &image);
    }
}
static void profile_cs(ex *e) {
    static const char *const cartesian[3] = {"points, l2, 30 steps", "points, wavelet, 50",
                                             "points, variation, 50"};
    static const char *const radial[3] = {"spokes, l2, 30 steps", "spokes, wavelet, 50",
                                          "spokes, variation, 50"};
    mv_volume head, maps, truth, data, mask, traj, w = {0};
    mv_encoding_desc desc = {0};
    mv_encoding enc;
    size_t dim[4], shape[3], n, i;
    const float *f;
    int k;

    ex_input(e, &head, MEDVOL_F32);
    dim[0] = head.dim[0], dim[1] = head.dim[1], dim[2] = 1, dim[3] = PROFILE_CS_COILS;
    n = dim[0] * dim[1];
    shape[0] = 3, shape[1] = 2 * dim[0], shape[2] = PROFILE_CS_SPOKES;
    EX_OK(mv_volume_alloc(&e->ctx, &maps, MEDVOL_C64, 4, dim));
    EX_OK(mv_volume_alloc(&e->ctx, &truth, MEDVOL_C64, 3, dim));
    EX_OK(mv_volume_alloc(&e->ctx, &mask, MEDVOL_F32, 3, dim));
    EX_OK(mv_volume_alloc(&e->ctx, &traj, MEDVOL_F64, 3, shape));
    profile_cs_maps(&maps, dim[0], dim[1]);
    f = (const float *)head.data + (head.ndim > 2 ? head.dim[2] / 2 * n : 0);
    for (i = 0; i < n; i++) {
        const size_t rim = dim[0] / 16 + 1, x = i % dim[0] + rim - dim[0] / 2,
                     y = i / dim[0] + rim - dim[1] / 2;
        ((float *)truth.data)[2 * i] = f[i] + 1.0f;
        ((float *)truth.data)[2 * i + 1] = 0.0f;
        ((float *)mask.data)[i] = (float)(ex_hash(i) % 5 < 2 || (x <= 2 * rim && y <= 2 * rim));
    }
    for (i = 0; i < shape[1] * shape[2]; i++) { /* golden angles, twice oversampled */
        const size_t spoke = i / shape[1];
        const double turn = 1.9416110387254666 * (double)spoke;
        const double r = ((double)(i % shape[1]) + 0.5) / (double)shape[1] - 0.5;
        double *p = (double *)traj.data + 3 * i;
        p[0] = dim[0] > 1 ? r * (double)dim[0] * cos(turn) : 0.0;
        p[1] = dim[1] > 1 ? r * (double)dim[1] * sin(turn) : 0.0;
        p[2] = 0.0;
    }
    desc.maps = &maps;
    for (k = 0; k < 2; k++) {
        memset(&data, 0, sizeof data);
        desc.mask = k ? NULL : &mask;
        desc.traj = k ? &traj : NULL;
        EX_OK(mv_encoding_init(&e->ctx, &enc, &desc));
        EX_OK(mv_encoding_forward(&e->ctx, &enc, &data, &truth));
        for (ex_begin(e, k ? "spokes, a normal step" : "points, a normal step", &truth, 0,
                      8.0 * (double)n * (PROFILE_CS_COILS + 2), 0, 0);
             ex_more(e);)
            EX_OK(mv_encoding_normal(&e->ctx, &enc, &w, &truth));
        mv_encoding_free(&e->ctx, &enc);
        profile_cs_images(e, k ? radial : cartesian, &data, &desc, &truth);
        mv_volume_free(&e->ctx, &data);
    }
    for (ex_begin(e, "wavelet there and back", &truth, 0, 4.0 * 8.0 * (double)n, 0, 0); ex_more(e);) {
        EX_OK(mv_wavelet_forward(&e->ctx, &w, &truth, NULL));
        EX_OK(mv_wavelet_inverse(&e->ctx, &w, &w, NULL));
    }
    EX_EXPECT(e, profile_cs_error(&w, &truth) < 1e-3, "wavelet: there and back");

    mv_volume_free(&e->ctx, &head);
    mv_volume_free(&e->ctx, &maps);
    mv_volume_free(&e->ctx, &truth);
    mv_volume_free(&e->ctx, &mask);
    mv_volume_free(&e->ctx, &traj);
    mv_volume_free(&e->ctx, &w);
}
EX_PROFILER(profile_cs, "compressed sensing of eight coils")
