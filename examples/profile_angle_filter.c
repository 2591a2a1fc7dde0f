/* profile_angle_filter - which spokes of a radial acquisition lie in ranges of angles.

   Build:  cc -O2 examples/profile_angle_filter.c -lm -lpthread -o profile_angle_filter
   Run:    ./profile_angle_filter 256 20
   Shows:  as many golden-angle spokes as the volume has voxels, in two ranges: as numbers, where -10 is no
           350, and by turns of 360 degrees, where it is. The same share of a circle is found. */
#include "example.h"

static void profile_angle_filter(ex *e) {
    static const mv_angle_range range[2] = {{-10.0, 10.0}, {170.0, 190.0}};
    mv_volume head, spokes = {0}, index = {0};
    mv_angle_opt turns;
    size_t count, i, n;
    double b, *x;

    ex_input(e, &head, MEDVOL_U8);
    n = mv_volume_count(&head);
    mv_volume_free(&e->ctx, &head);
    EX_OK(mv_volume_alloc(&e->ctx, &spokes, MEDVOL_F64, 1, &n));
    EX_OK(mv_volume_alloc(&e->ctx, &index, MEDVOL_U32, 1, &n));
    x = (double *)spokes.data;
    for (i = 0; i < n; i++) x[i] = fmod((double)i * 111.246117975, 360.0);
    b = ex_bytes(&spokes);
    turns.period = 360.0;
    turns.half_open = 0;

    EX_OK(mv_angle_select(&e->ctx, (uint32_t *)index.data, NULL, &count, x, n, range, 2, &turns));
    EX_EXPECT(e, fabs((double)count / (double)n - 40.0 / 360.0) < 8.0 / (double)n + 0.001,
        "angles: 40 of 360 degrees");
    for (ex_begin(e, "angles as numbers", &spokes, b, 0, 0, 0); ex_more(e);)
        EX_OK(mv_angle_select(&e->ctx, (uint32_t *)index.data, NULL, &count, x, n, range, 2, NULL));
    for (ex_begin(e, "angles by turns", &spokes, b, 0, 0, 0); ex_more(e);)
        EX_OK(mv_angle_select(&e->ctx, (uint32_t *)index.data, NULL, &count, x, n, range, 2, &turns));
    mv_volume_free(&e->ctx, &spokes);
    mv_volume_free(&e->ctx, &index);
}
EX_PROFILER(profile_angle_filter, "spokes in ranges of angles")
