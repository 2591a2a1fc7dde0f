/* profile_rescale - intensities to a range: rescale, clamp, type conversion, and the percentiles and
   histogram that choose the range.

   Build:  cc -O2 examples/profile_rescale.c -lm -lpthread -o profile_rescale
   Run:    ./profile_rescale 256 20
   Shows:  that a clamp or a cast is as fast as a copy, and that percentiles need no sorting. */
#include "example.h"

static void profile_rescale(ex *e) {
    static uint64_t counts[256];
    mv_volume head, scan, out, out16;
    mv_rescale_opt given = {0}, robust = {0};
    mv_hist hist = {0};
    double b, lo = 1e9, hi = -1e9, p[2];
    const double q[2] = {1.0, 99.0};
    const float *f;
    size_t i, n, below = 0, upto = 0;

    ex_input(e, &head, MEDVOL_F32);
    ex_input(e, &scan, MEDVOL_I16);
    ex_empty_like(e, &out, &head, MEDVOL_F32);
    ex_empty_like(e, &out16, &head, MEDVOL_I16);
    b = ex_bytes(&head);
    n = mv_volume_count(&head);

    /* the result spans 0..1; one voxel of a hundred lies below the 1st percentile or is equal */
    EX_OK(mv_rescale(&e->ctx, &out, &head, 0.0, 1.0, NULL));
    for (f = (const float *)out.data, i = 0; i < n; i++) {
        lo = f[i] < lo ? f[i] : lo;
        hi = f[i] > hi ? f[i] : hi;
    }
    EX_EXPECT(e, lo == 0.0 && hi == 1.0, "rescale: least 0, greatest 1");
    EX_OK(mv_percentiles(&e->ctx, p, &head, q, 2, NULL));
    for (f = (const float *)head.data, i = 0; i < n; i++) {
        below += f[i] < p[0];
        upto += f[i] <= p[0];
    }
    EX_EXPECT(e, (double)below <= 0.01 * (double)(n - 1) + 1.0 && (double)upto >= 0.01 * (double)(n - 1),
        "percentiles: rank");

    for (ex_begin(e, "rescale", &head, b, b, 0, 0); ex_more(e);)
        EX_OK(mv_rescale(&e->ctx, &out, &head, 0.0, 1.0, NULL));
    given.range = MEDVOL_RANGE_GIVEN;
    given.lo = 0.0;
    given.hi = 700.0;
    given.clip = 1;
    for (ex_begin(e, "rescale of a given range", &head, 0, b, 0, 0); ex_more(e);)
        EX_OK(mv_rescale(&e->ctx, &out, &head, 0.0, 1.0, &given));
    robust.range = MEDVOL_RANGE_PERCENTILE;
    robust.lo = 1.0;
    robust.hi = 99.0;
    robust.clip = 1;
    for (ex_begin(e, "rescale of percentiles 1-99", &head, 3 * b, b, 0, 0); ex_more(e);)
        EX_OK(mv_rescale(&e->ctx, &out, &head, 0.0, 1.0, &robust));
    for (ex_begin(e, "clamp", &head, 0, b, 0, 0); ex_more(e);)
        EX_OK(mv_clamp(&e->ctx, &out, &head, 100.0, 600.0));
    for (ex_begin(e, "linear", &head, 0, b, 0, 0); ex_more(e);)
        EX_OK(mv_linear(&e->ctx, &out, &head, 0.5, 3.0));
    for (ex_begin(e, "gamma", &head, 0, b, 0, 0); ex_more(e);)
        EX_OK(mv_gamma(&e->ctx, &out, &head, 0.7, NULL));
    for (ex_begin(e, "cast i16 to f32", &scan, 0, b / 2, 0, b / 2); ex_more(e);)
        EX_OK(mv_convert(&e->ctx, &out, &scan, MEDVOL_F32, NULL));
    for (ex_begin(e, "cast f32 to i16", &head, b / 2, b / 2, 0, 0); ex_more(e);)
        EX_OK(mv_convert(&e->ctx, &out16, &head, MEDVOL_I16, NULL));
    for (ex_begin(e, "percentiles f32", &head, 3 * b, 0, 0, 0); ex_more(e);)
        EX_OK(mv_percentiles(&e->ctx, p, &head, q, 2, NULL));
    for (ex_begin(e, "percentiles i16", &scan, b / 2, 0, 0, 0); ex_more(e);)
        EX_OK(mv_percentiles(&e->ctx, p, &scan, q, 2, NULL));
    hist.counts = counts;
    hist.bins = 256;
    for (ex_begin(e, "histogram, 256 bins", &head, 2 * b, 0, 0, 0); ex_more(e);)
        EX_OK(mv_histogram(&e->ctx, &hist, &head, NULL));
    for (ex_begin(e, "rescale in place", &head, b, 0, b, 0); ex_more(e);)
        EX_OK(mv_rescale(&e->ctx, &head, &head, 0.0, 1.0, NULL));
    for (ex_begin(e, "clamp in place", &head, 0, 0, b, 0); ex_more(e);)
        EX_OK(mv_clamp(&e->ctx, &head, &head, 0.1, 0.9));

    mv_volume_free(&e->ctx, &head);
    mv_volume_free(&e->ctx, &scan);
    mv_volume_free(&e->ctx, &out);
    mv_volume_free(&e->ctx, &out16);
}
EX_PROFILER(profile_rescale, "rescale, clamp, cast, percentiles, histogram")
