/* profile_nufft - samples along golden spokes from the images of eight coils, and back; through the
   convolution that both are together; of a volume along the spokes of a koosh ball.  Build:  cc -O2
   examples/profile_nufft.c -lm -lpthread -o profile_nufft Run:    ./profile_nufft 256 20 Shows:  what digits
   cost, and that iterations are cheaper by the convolution. */
#include "example.h"

enum { PROFILE_NUFFT_COILS = 8 };
/* spokes of 2 n samples, n voxels along each axis: in the plane, or all over the sphere */
static void profile_nufft_spokes(ex *e, mv_volume *traj, size_t n, size_t shots, int ball) {
    size_t dim[3], i, j;
    dim[0] = 3, dim[1] = 2 * n, dim[2] = shots;
    EX_OK(mv_volume_alloc(&e->ctx, traj, MEDVOL_F64, 3, dim));
    for (j = 0; j < shots; j++) {
        const double at = 0.4656 * (double)j, z = ball ? 2.0 * (at - floor(at)) - 1.0 : 0.0,
                     s = sqrt(1.0 - z * z);
        const double turn =
            (ball ? 4.2870173 : 1.9416110) * (double)j; /* 0.6823 of a whole; 0.618 of a half turn */
        for (i = 0; i < 2 * n; i++) {
            double *k = (double *)traj->data + 3 * (j * 2 * n + i);
            const double r = 0.5 * ((double)i + 0.5) - 0.5 * (double)n;
            k[0] = r * s * cos(turn);
            k[1] = r * s * sin(turn);
            k[2] = r * z;
        }
    }
}
static double profile_nufft_dot(const mv_volume *a, const mv_volume *b) { /* its real part */
    const float *p = (const float *)a->data, *q = (const float *)b->data;
    const size_t n = p && q ? 2 * mv_volume_count(a) : 0;
    double sum = 0.0;
    size_t i;
    for (i = 0; i < n; i++) sum += (double)p[i] * (double)q[i];
    return sum;
}
/* there and back at a tolerance, of images; the names of both rows */
static void profile_nufft_both(ex *e, const mv_volume *images, const mv_volume *traj, double tolerance,
                               const char *there, const char *back) {
    mv_volume samples, adjoint;
    mv_nufft_opt opt = {0};
    mv_nufft plan;
    double bytes, one, other;
    memset(&samples, 0, sizeof samples);
    memset(&adjoint, 0, sizeof adjoint);
    opt.tolerance = tolerance;
    EX_OK(mv_nufft_init(&e->ctx, &plan, images->dim, traj, &opt));
    bytes = 8.0 * (double)(mv_volume_count(images) + plan.samples * plan.shots * images->dim[3]);
    for (ex_begin(e, there, images, 0, bytes, 0, 0); ex_more(e);)
        EX_OK(mv_nufft_forward(&e->ctx, &plan, &samples, images));
    for (ex_begin(e, back, &samples, 0, bytes, 0, 0); ex_more(e);)
        EX_OK(mv_nufft_adjoint(&e->ctx, &plan, &adjoint, &samples, NULL));
    one = profile_nufft_dot(&samples, &samples);
    other = profile_nufft_dot(images, &adjoint);
    EX_EXPECT(e, fabs(one - other) <= 1e-5 * one, "nufft: each the other's adjoint");
    mv_nufft_free(&e->ctx, &plan);
    mv_volume_free(&e->ctx, &samples);
    mv_volume_free(&e->ctx, &adjoint);
}
static void profile_nufft(ex *e) {
    mv_volume head, images, traj, sums;
    mv_toeplitz t;
    size_t dim[4], n, i, c, all;
    const float *f;

    ex_input(e, &head, MEDVOL_F32);
    n = head.dim[0] < head.dim[1] ? head.dim[0] : head.dim[1];
    f = (const float *)head.data + (head.ndim > 2 ? head.dim[2] / 2 * head.dim[0] * head.dim[1] : 0);
    dim[0] = n, dim[1] = n, dim[2] = 1, dim[3] = PROFILE_NUFFT_COILS;
    EX_OK(mv_volume_alloc(&e->ctx, &images, MEDVOL_C64, 4, dim));
    all = n * n;
    for (c = 0; c < PROFILE_NUFFT_COILS; c++)
        for (i = 0; i < all; i++) {
            float *p = (float *)images.data + 2 * (c * all + i);
            p[0] = f[i / n * head.dim[0] + i % n] * (1.0f + (float)c);
            p[1] = 0.25f * f[i % n];
        }
    profile_nufft_spokes(e, &traj, n, (size_t)(1.5707963 * (double)n) + 1, 0);
    profile_nufft_both(e, &images, &traj, 1e-3, "nufft forward 2-D, 1e-3", "nufft adjoint 2-D, 1e-3");
    profile_nufft_both(e, &images, &traj, 1e-5, "nufft forward 2-D, 1e-5", "nufft adjoint 2-D, 1e-5");
    EX_OK(mv_toeplitz_init(&e->ctx, &t, images.dim, &traj, NULL, NULL));
    memset(&sums, 0, sizeof sums);
    for (ex_begin(e, "toeplitz normal 2-D", &images, 0, 16.0 * (double)mv_volume_count(&images), 0, 0);
         ex_more(e);)
        EX_OK(mv_toeplitz_normal(&e->ctx, &t, &sums, &images));
    EX_EXPECT(e, profile_nufft_dot(&sums, &images) >= 0.0, "toeplitz: a form that is not negative");
    mv_toeplitz_free(&e->ctx, &t);
    mv_volume_free(&e->ctx, &traj);
    mv_volume_free(&e->ctx, &images);
    mv_volume_free(&e->ctx, &sums);

    n = (n + 1) / 2; /* one coil of a volume */
    dim[0] = dim[1] = dim[2] = n, dim[3] = 1;
    EX_OK(mv_volume_alloc(&e->ctx, &images, MEDVOL_C64, 3, dim));
    for (i = 0; i < 2 * n * n * n; i++) ((float *)images.data)[i] = f[i % all] + 1.0f;
    profile_nufft_spokes(e, &traj, n, 5 * n * n / 16 + 1, 1);
    profile_nufft_both(e, &images, &traj, 1e-3, "nufft forward 3-D, 1e-3", "nufft adjoint 3-D, 1e-3");
    mv_volume_free(&e->ctx, &traj);
    mv_volume_free(&e->ctx, &images);
    mv_volume_free(&e->ctx, &head);
}
EX_PROFILER(profile_nufft, "images from samples anywhere")
