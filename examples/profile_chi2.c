/* profile_chi2 - how well a series fits what is expected of it, all together and voxel by voxel.

   Build:  cc -O2 examples/profile_chi2.c -lm -lpthread -o profile_chi2
   Run:    ./profile_chi2 256 20
   Shows:  chi-squared of four noisy frames against the volume they were made of, with the sigma they were
           made with: reduced, it is 1. The sum costs the reading; a map writes a volume as well. */
#include "example.h"

enum { PROFILE_CHI2_FRAMES = 4 };
static void profile_chi2(ex *e) {
    mv_volume head, series, map = {0};
    mv_chi2_sum c;
    mv_chi2_opt o;
    size_t dim[4], n, i, t;
    uint32_t seed = 1;
    double b;

    ex_input(e, &head, MEDVOL_F32);
    n = mv_volume_count(&head);
    memset(&o, 0, sizeof o);
    memset(&series, 0, sizeof series);
    dim[0] = head.dim[0], dim[1] = head.dim[1], dim[2] = n / (head.dim[0] * head.dim[1]);
    dim[3] = PROFILE_CHI2_FRAMES;
    EX_OK(mv_volume_alloc(&e->ctx, &series, MEDVOL_F32, 4, dim));
    for (t = 0; t < PROFILE_CHI2_FRAMES; t++)
        for (i = 0; i < n; i++) { /* the sum of four uniform numbers: variance 1 / 3, times 3 */
            double noise = -2.0;
            int k;
            for (k = 0; k < 4; k++)
                noise += (double)((seed = seed * 1664525u + 1013904223u) >> 8) / 16777216.0;
            ((float *)series.data)[t * n + i] = (float)((double)((float *)head.data)[i] + 6.0 * noise);
        }
    head.ndim = 3;
    head.dim[2] = dim[2]; /* one volume, whatever the file held: contiguous */
    for (i = 3; i < 7; i++) head.dim[i] = 1;
    b = ex_bytes(&series);
    o.sigma = 6.0 / sqrt(3.0);

    EX_OK(mv_chi2(&e->ctx, &c, &series, &head, &o));
    EX_EXPECT(e, fabs(c.reduced - 1.0) < 4.0 * sqrt(2.0 / c.dof) + 0.01, "chi-squared: reduced, it is 1");
    o.reduced = 1;
    EX_OK(mv_chi2_map(&e->ctx, &map, &series, &head, &o));
    EX_EXPECT(e, mv_volume_count(&map) == n, "chi-squared map: one value a voxel");
    for (ex_begin(e, "chi-squared", &series, b, 0, 0, 0); ex_more(e);)
        EX_OK(mv_chi2(&e->ctx, &c, &series, &head, &o));
    for (ex_begin(e, "chi-squared map", &series, b, 0, 0, ex_bytes(&map)); ex_more(e);)
        EX_OK(mv_chi2_map(&e->ctx, &map, &series, &head, &o));
    mv_volume_free(&e->ctx, &head);
    mv_volume_free(&e->ctx, &series);
    mv_volume_free(&e->ctx, &map);
}
EX_PROFILER(profile_chi2, "chi-squared of a series and its map")
