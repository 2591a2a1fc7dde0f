/* profile_correlation - how alike two volumes are, whole and slice by slice, and the line between them.

   Build:  cc -O2 examples/profile_correlation.c -lm -lpthread -o profile_correlation
   Run:    ./profile_correlation 256 20
   Shows:  Pearson's r and the fit of gain and offset cost one pass over both volumes: the time to read
           them. Weights are converted on the way and take longer, as r of every voxel's neighbourhood. */
#include "example.h"

static void profile_correlation(ex *e) {
    mv_volume head, other, map;
    mv_correlation c;
    mv_statistics spread;
    mv_gain_offset *g;
    mv_ncc_opt o;
    mv_gain_opt slices;
    double b;
    float *p, *q;
    uint32_t seed = 1;
    size_t i, n;

    ex_input(e, &head, MEDVOL_F32);
    ex_empty_like(e, &other, &head, MEDVOL_F32);
    memcpy(other.affine, head.affine, sizeof other.affine);
    n = mv_volume_count(&head);
    b = ex_bytes(&head);
    p = (float *)head.data;
    q = (float *)other.data;
    EX_OK(mv_stats(&e->ctx, &spread, &head, NULL));
    for (i = 0; i < n; i++) { /* head = 2 other + 100, and a little noise */
        seed = seed * 1664525u + 1013904223u;
        q[i] = (float)(0.5 * ((double)p[i] - 100.0) + 1e-5 * spread.sd * (double)(seed >> 24));
    }
    memset(&slices, 0, sizeof slices);
    slices.split = 3;
    memset(&o, 0, sizeof o);
    g = (mv_gain_offset *)calloc(head.dim[2] ? head.dim[2] : 1, sizeof *g);
    if (!g) ex_quit(e, EX_MEMORY, "no memory for %lu slices", (unsigned long)head.dim[2]);

    EX_OK(mv_ncc(&e->ctx, &c, &head, &other, NULL));
    EX_EXPECT(e, c.count == n && c.flags == 0 && c.r > 0.999, "correlation: of a scaled copy");
    EX_OK(mv_fit_gain_offset(&e->ctx, g, &head, &other, NULL));
    EX_EXPECT(e, fabs(g->gain - 2.0) < 0.01 && fabs(g->offset - 100.0) < 1.0 + 0.02 * spread.sd, "gain 2 and offset 100");

    memset(&map, 0, sizeof map);
    EX_OK(mv_ncc_map(&e->ctx, &map, &head, &head, NULL));
    for (i = 0; i < n; i++) /* 0: where nothing varies */
        if (!(((float *)map.data)[i] == 0.0f || fabs((double)((float *)map.data)[i] - 1.0) < 1e-6)) break;
    EX_EXPECT(e, i == n, "a map of local correlation with itself");

    for (ex_begin(e, "correlation", &head, 2 * b, 0, 0, 0); ex_more(e);)
        EX_OK(mv_ncc(&e->ctx, &c, &head, &other, NULL));
    o.weights = &head; /* more where there is more to see; a scan has no values below 0, noise may have */
    for (i = 0; i < n; i++) p[i] = fabsf(p[i]);
    for (ex_begin(e, "correlation, weighted", &head, 2 * b, 0, 0, 0); ex_more(e);)
        EX_OK(mv_ncc(&e->ctx, &c, &head, &other, &o));
    for (ex_begin(e, "gain and offset of slices", &head, 2 * b, 0, 0, 0); ex_more(e);)
        EX_OK(mv_fit_gain_offset(&e->ctx, g, &head, &other, head.ndim >= 3 ? &slices : NULL));
    for (ex_begin(e, "local correlation, a map", &head, 3 * b, 0, 0, 0); ex_more(e);)
        EX_OK(mv_ncc_map(&e->ctx, &map, &head, &other, NULL));
    free(g);
    mv_volume_free(&e->ctx, &map);
    mv_volume_free(&e->ctx, &head);
    mv_volume_free(&e->ctx, &other);
}
EX_PROFILER(profile_correlation, "correlation, gain and offset of two volumes")
