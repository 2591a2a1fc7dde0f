/* profile_flow - dense flow between two images: inverse search with refinement.

   Build:  cc -O2 examples/profile_flow.c -lm -lpthread -o profile_flow
   Run:    ./profile_flow 256 5
   Shows:  a plane of as many pixels as the volume has voxels, moved smoothly by up to four pixels, and the
   time and error of the three presets. FAST ends at half the resolution; most of the time of the
   others goes into the refinement. */
#include "example.h"

static void profile_flow_moved(double n, double x, double y, double *u) {
    const double q = 6.2831853 / n;
    u[0] = 2.5 * sin(1.3 * q * y + 0.4) * cos(0.9 * q * x) + 1.5 * sin(2.1 * q * x + 1.0);
    u[1] = 2.5 * cos(1.1 * q * x + 0.2) * sin(1.4 * q * y + 0.9) + 1.5 * cos(2.3 * q * y + 0.5);
}
static double profile_flow_seen(double x, double y) {
    return 120.0 + 45.0 * sin(0.61 * x + 0.6 * sin(0.13 * y)) * sin(0.57 * y + 0.7 * cos(0.11 * x)) +
           30.0 * sin(0.23 * x + 0.31 * y) + 20.0 * cos(0.4 * x - 0.19 * y);
}
static void profile_flow_make(mv_volume *fixed, mv_volume *moving, size_t n) {
    size_t i;
    for (i = 0; i < n * n; i++) {
        const double x = (double)(i % n), y = (double)(size_t)(i / n);
        double u[2];
        profile_flow_moved((double)n, x, y, u);
        ((uint8_t *)moving->data)[i] = (uint8_t)(profile_flow_seen(x, y) + 0.5);
        ((uint8_t *)fixed->data)[i] = (uint8_t)(profile_flow_seen(x + u[0], y + u[1]) + 0.5);
    }
}
static double profile_flow_error(const mv_volume *field, size_t n) {
    const float *w = (const float *)field->data;
    const size_t edge = n / 16;
    double sum = 0.0, count = 0.0;
    size_t x, y;
    for (y = edge; y < n - edge; y++)
        for (x = edge; x < n - edge; x++) {
            double u[2];
            profile_flow_moved((double)n, (double)x, (double)y, u);
            u[0] -= (double)w[y * n + x];
            u[1] -= (double)w[n * n + y * n + x];
            sum += sqrt(u[0] * u[0] + u[1] * u[1]);
            count += 1.0;
        }
    return sum / count;
}
static void profile_flow(ex *e) {
    static const char *const name[3] = {"flow", "flow, fast", "flow, accurate"};
    mv_volume head, fixed, moving, field;
    mv_flow_opt o;
    size_t dim[2], n;
    int k;

    ex_input(e, &head, MEDVOL_F32);
    n = (size_t)sqrt((double)mv_volume_count(&head));
    mv_volume_free(&e->ctx, &head);
    dim[0] = dim[1] = n;
    memset(&field, 0, sizeof field);
    memset(&fixed, 0, sizeof fixed);
    memset(&moving, 0, sizeof moving);
    EX_OK(mv_volume_alloc(&e->ctx, &fixed, MEDVOL_U8, 2, dim));
    EX_OK(mv_volume_alloc(&e->ctx, &moving, MEDVOL_U8, 2, dim));
    profile_flow_make(&fixed, &moving, n);
    memset(&o, 0, sizeof o);
    o.control.levels = 3; /* enough for four pixels: at coarser ones so regular a texture is its own copy */
    for (k = 0; k < 3; k++) {
        o.preset = (mv_flow_preset)k;
        EX_OK(mv_flow(&e->ctx, &field, &fixed, &moving, &o));
        EX_EXPECT(e, n < 100 || profile_flow_error(&field, n) < 0.25, "flow: within a quarter of a pixel");
        for (ex_begin(e, name[k], &fixed, 2.0 * ex_bytes(&fixed), 0, 0, ex_bytes(&field)); ex_more(e);)
            EX_OK(mv_flow(&e->ctx, &field, &fixed, &moving, &o));
    }
    mv_volume_free(&e->ctx, &fixed);
    mv_volume_free(&e->ctx, &moving);
    mv_volume_free(&e->ctx, &field);
}
EX_PROFILER(profile_flow, "dense flow between two images")
