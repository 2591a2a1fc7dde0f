/* profile_dcf - weights of radial and spiral samples by their rings, gaps, cells and Voronoi cells; spokes,
   samples of a phantom of eight coils and the delays of its gradients beside them.

   Build:  cc -O2 examples/profile_dcf.c -lm -lpthread -o profile_dcf
   Run:    ./profile_dcf 256 20
   Shows:  weights sum to the area of k-space that is covered, whatever the trajectory; Voronoi cells cost a
   hundred times as much as the closed form, and are needed where there is none. */
#include "example.h"

static double profile_dcf_sum(const mv_volume *w) {
    double sum = 0.0;
    size_t i, n = w->data ? mv_volume_count(w) : 0;
    for (i = 0; i < n; i++) sum += (double)((const float *)w->data)[i];
    return sum;
}
static void profile_dcf(ex *e) {
    static const double late[6] = {0.3, -0.2, 0.0, 0.1, 0.0, 0.0};
    mv_volume spokes, spiral, moved, w, data;
    mv_radial_opt radial = {0};
    mv_spiral_opt turns = {0};
    mv_phantom_opt coils = {0};
    size_t shape[3];
    double bytes, disc, found[6];

    radial.samples = 2 * e->size; /* twice as dense as a grid of SIZE x SIZE voxels along the spoke */
    radial.shots = (size_t)(1.57 * (double)e->size);
    radial.size = (double)e->size;
    radial.order = MEDVOL_RADIAL_GOLDEN;
    turns.shots = 16;
    turns.size = (double)e->size;
    coils.coils = 8;
    shape[0] = shape[1] = e->size, shape[2] = 1;
    disc = 3.14159265358979 * 0.25 * (double)e->size * (double)e->size;
    memset(&spokes, 0, sizeof spokes), memset(&spiral, 0, sizeof spiral), memset(&moved, 0, sizeof moved);
    memset(&w, 0, sizeof w), memset(&data, 0, sizeof data);
    EX_OK(mv_traj_radial(&e->ctx, &spokes, &radial));
    bytes = ex_bytes(&spokes);

    for (ex_begin(e, "golden spokes", &spokes, 0, 0, 0, bytes); ex_more(e);)
        EX_OK(mv_traj_radial(&e->ctx, &spokes, &radial));
    for (ex_begin(e, "dcf, rings", &spokes, bytes, 0, 0, bytes / 6.0); ex_more(e);)
        EX_OK(mv_dcf_radial(&e->ctx, &w, &spokes));
    EX_EXPECT(e, fabs(profile_dcf_sum(&w) / disc - 1.0) < 1e-4, "dcf, rings: the disc");
    for (ex_begin(e, "dcf, rings and gaps", &spokes, bytes, 0, 0, bytes / 6.0); ex_more(e);)
        EX_OK(mv_dcf_angular(&e->ctx, &w, &spokes));
    EX_EXPECT(e, fabs(profile_dcf_sum(&w) / disc - 1.0) < 1e-4, "dcf, gaps: the disc");
    for (ex_begin(e, "dcf, cells of a grid", &spokes, bytes, 0, 0, bytes / 6.0); ex_more(e);)
        EX_OK(mv_dcf_cells(&e->ctx, &w, &spokes, 1.0));
    EX_EXPECT(e, profile_dcf_sum(&w) > 0.7 * disc, "dcf, cells: those with samples");
    for (ex_begin(e, "dcf, voronoi", &spokes, bytes, 0, 0, bytes / 6.0); ex_more(e);)
        EX_OK(mv_dcf_voronoi(&e->ctx, &w, &spokes, NULL));
    EX_EXPECT(e, fabs(profile_dcf_sum(&w) / disc - 1.0) < 1e-4, "dcf, voronoi: the disc");
    mv_volume_free(&e->ctx, &w);

    EX_OK(mv_traj_spiral(&e->ctx, &spiral, &turns));
    for (ex_begin_still(e, "spiral, 16 shots", &spiral); ex_more(e);)
        EX_OK(mv_traj_spiral(&e->ctx, &spiral, &turns));
    for (ex_begin(e, "dcf, voronoi, spiral", &spiral, ex_bytes(&spiral), 0, 0, 0); ex_more(e);)
        EX_OK(mv_dcf_voronoi(&e->ctx, &w, &spiral, NULL));
    EX_EXPECT(e, profile_dcf_sum(&w) < disc * 1.1 + 20.0, "dcf, voronoi: the spiral's disc");

    EX_OK(mv_traj_delay(&e->ctx, &moved, &spokes, late));
    for (ex_begin(e, "phantom samples, 8 coils", &moved, 0, 0, 0, bytes * 8.0 / 3.0); ex_more(e);)
        EX_OK(mv_phantom_samples(&e->ctx, &data, &moved, shape, &coils));
    if (radial.samples >= 16 && radial.shots >= 24) {
        for (ex_begin_still(e, "delays by RING, 8 coils", &data); ex_more(e);)
            EX_OK(mv_delay_ring(&e->ctx, found, &data, &spokes, NULL));
        EX_EXPECT(e, fabs(found[0] - late[0]) < 0.02 && fabs(found[1] - late[1]) < 0.02 &&
                      fabs(found[3] - late[3]) < 0.02, "delays: those that were made");
    }
    mv_volume_free(&e->ctx, &spokes);
    mv_volume_free(&e->ctx, &spiral);
    mv_volume_free(&e->ctx, &moved);
    mv_volume_free(&e->ctx, &w);
    mv_volume_free(&e->ctx, &data);
}
EX_PROFILER(profile_dcf, "density compensation of trajectories")
