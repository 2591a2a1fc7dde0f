/* profile_all - the speed of this machine's memory, then every operation at 32, 128 and 256 voxels a side
   (--large: 512 too), each with its share of that speed, and the most memory the whole run held.

   Build:  cc -O2 examples/profile_all.c -lm -lpthread -o profile_all
   Run:    ./profile_all [ITERATIONS=20] [--large] [--threads N] [--level N] [--json]   or: make profile
   Takes about a minute; a row stops early once it has taken 0.6 seconds. --large needs 6 GB of memory. */
#define PROFILE_ALL
#include "profile_z_norm.c"
#include "profile_rescale.c"
#include "profile_crop_pad.c"
#include "profile_flip.c"
#include "profile_permute.c"
#include "profile_resample.c"
#include "profile_linalg.c"
#include "profile_fft.c"
#include "profile_coils.c"
#include "profile_espirit.c"
#include "profile_grappa.c"
#include "profile_sense.c"
#include "profile_nufft.c"
#include "profile_dcf.c"
#include "profile_cs.c"
#include "profile_warp.c"
#include "profile_affine.c"
#include "profile_lncc.c"
#include "profile_bspline.c"
#include "profile_demons.c"
#include "profile_flow.c"
#include "profile_correlation.c"
#include "profile_chi2.c"
#include "profile_angle_filter.c"
#include "profile_compose_layers.c"
#include "profile_transport.c"
#include "profile_load.c"
#include "profile_save.c"
#include "profile_cache.c"
#include "profile_loader.c"

/* GB/s, bytes asked for, the best of some runs; copies count what they read and what they write. */
static double bandwidth(ex *e, int kind, int how, double bytes) {
    double best = 1e9, t;
    int i, runs = bytes > 3e7 ? 7 : 40;
    for (i = 0; i < runs; i++)
        if ((t = ex_floor_run(e, kind, how, bytes)) < best) best = t;
    return (kind == EX_F_READ || kind == EX_F_WRITE ? 1.0 : 2.0) * bytes / best * 1e-9;
}
static void floors(ex *e) {
    static const double sizes[3] = {131072.0, 8388608.0, 268435456.0};
    int k;
    ex_machine(e, e->json ? stderr : stdout);
    if (e->json) return;
    printf("%-30s %10s %10s %10s %10s %10s %10s\n", "# memory, GB/s", "read", "copy", "copy NT", "memcpy",
        "in place", "write NT");
    for (k = 0; k < 3; k++) {
        double b = sizes[k];
        ex_floor_room(e, b);
        printf("# %-28s %10.1f %10.1f %10.1f %10.1f %10.1f %10.1f\n",
            k == 0 ? "128 KiB" : k == 1 ? "8 MiB" : "256 MiB", bandwidth(e, EX_F_READ, 0, b),
            bandwidth(e, EX_F_COPY, EX_COPY_PLAIN, b), bandwidth(e, EX_F_COPY, EX_COPY_STREAM, b),
            bandwidth(e, EX_F_COPY, EX_COPY_LIBC, b), bandwidth(e, EX_F_PLACE, 0, b),
            bandwidth(e, EX_F_WRITE, EX_COPY_STREAM, b));
        fflush(stdout);
    }
    mv_volume_free(&e->ctx, &e->floor_a);
    mv_volume_free(&e->ctx, &e->floor_b);
}
int main(int argc, char **argv) {
    static const size_t sizes[4] = {32, 128, 256, 512};
    static void (*const profiles[])(ex *) = {profile_z_norm, profile_rescale, profile_crop_pad, profile_flip,
        profile_permute, profile_resample, profile_linalg, profile_fft, profile_coils, profile_espirit,
        profile_grappa, profile_sense, profile_nufft, profile_dcf, profile_cs, profile_warp, profile_affine,
        profile_lncc, profile_bspline,
        profile_demons, profile_flow, profile_correlation, profile_chi2,
        profile_angle_filter, profile_compose_layers, profile_transport, profile_load, profile_save,
        profile_cache, profile_loader};
    static ex e;
    const char *s;
    size_t k, p;
    ex_init(&e, argc, argv, "profile_all",
            "profile_all [ITERATIONS=20] [--large] [--threads N] [--level N] [--json]\n"
            "Every operation at 32, 128 and 256 voxels a side; --large: 512 too.\n"
            "share: floor / time, median over the calls; the floor moves the same bytes as fast as it can\n"
            "--cpu-time: of all threads together, for busy machines\n");
    e.large = ex_flag(&e, "--large");
    e.iterations =
        (int)((s = ex_word(&e)) != NULL ? ex_parse_whole(&e, "ITERATIONS", s, 1, EX_ROWS_MAX) : 20);
    ex_no_more(&e);
    e.budget = 0.6;
    ex_bar.on = 0;
    floors(&e);
    e.rows = 1; /* the machine is named already */
    for (k = 0; k < (e.large ? 4u : 3u); k++) {
        if (!e.json) {
            printf("\n");
            ex_print_head();
        }
        e.size = sizes[k];
        for (p = 0; p < sizeof profiles / sizeof *profiles; p++) profiles[p](&e);
    }
    if (!e.json) printf("\n# most memory held: %.0f MB\n", ex_peak_mb());
    else fprintf(stderr, "# most memory held: %.0f MB\n", ex_peak_mb());
    ex_free(&e);
    return 0;
}
