/* test_filter_planes.c - what [FILTER] has for the sections below: planar arrays, smoothed and summed up in
   place, against the calls for volumes and against sums over every voxel of a window. This unit holds its own
   static copy of the section. */
#define MEDVOL_STATIC
#define MEDVOL_IMPLEMENTATION
#define MEDVOL_NO_GZIP
#define MEDVOL_NO_IO
#define MEDVOL_NO_INTENSITY
#define MEDVOL_NO_SPATIAL
#define MEDVOL_NO_RESAMPLE
#define MEDVOL_NO_LINALG
#define MEDVOL_NO_FFT
#define MEDVOL_NO_KSPACE
#define MEDVOL_NO_COILS
#define MEDVOL_NO_GRAPPA
#define MEDVOL_NO_SENSE
#define MEDVOL_NO_TRAJECTORY
#define MEDVOL_NO_NUFFT
#define MEDVOL_NO_ITERATE
#define MEDVOL_NO_FIELD
#define MEDVOL_NO_MEASURE
#define MEDVOL_NO_STATS
#define MEDVOL_NO_REGISTER
#define MEDVOL_NO_FLOW
#define MEDVOL_NO_NEAREST
#define MEDVOL_NO_LANDMARK
#define MEDVOL_NO_LAYER
#define MEDVOL_NO_CACHE
#define MEDVOL_NO_TRANSPORT
#include "test.h"

static const size_t shapes[][3] = {{33, 20, 15}, {50, 1, 9}, {7, 6, 1}, {300, 250, 1}, {130, 17, 70}};
enum { SHAPES = sizeof shapes / sizeof *shapes };

/* bytes asked of the caller, between unreadable pages and at 64 bytes */
static float *room(size_t bytes, size_t *all) {
    *all = (bytes + 63) & ~(size_t)63;
    return (float *)t_guard(*all);
}
static void test_smooth(void) { /* as mv_gaussian, plane by plane, in place, without allocation */
    static const double sigmas[][3] = {{1.2, 0.8, 1.5}, {0, 2, 0}, {3, 1, 0}, {0, 0, 0}};
    size_t s, k, i;
    int c;
    (mv_level_force)(t_level);
    for (s = 0; s < SHAPES; s++)
        for (k = 0; k < 4; k++) {
            const size_t n = shapes[s][0] * shapes[s][1] * shapes[s][2];
            mv_volume v, want[3];
            mv_gaussian_opt o = {0};
            float *p[3], *scratch;
            size_t all, made;
            o.voxels = 1;
            memset(want, 0, sizeof want);
            for (c = 0; c < 3; c++) {
                p[c] = (float *)malloc(n * sizeof *p[c]);
                for (i = 0; i < n; i++) p[c][i] = (float)t_uniform(-50, 50);
                CHECK_OK(mv_volume_wrap(T, &v, p[c], MEDVOL_F32, 3, shapes[s], NULL));
                CHECK_OK(mv_gaussian(T, &want[c], &v, sigmas[k], &o));
            }
            scratch = room(mv__smooth_scratch(3, shapes[s], sigmas[k]), &all);
            made = t_allocations();
            CHECK_OK(mv__smooth_planes(T, p, 3, shapes[s], sigmas[k], scratch));
            CHECK(t_allocations() == made);
            for (c = 0; c < 3; c++) {
                CHECK(!memcmp(p[c], want[c].data, n * sizeof *p[c]));
                mv_volume_free(T, &want[c]);
                free(p[c]);
            }
            t_guard_free(scratch, all);
        }
}
/* the sum over what is there of a window about x, y, z */
static double window(const float *p, const size_t *n, const size_t *r, size_t x, size_t y, size_t z) {
    const size_t at[3] = {x, y, z};
    size_t lo[3], hi[3], d, i, j, k;
    double sum = 0;
    for (d = 0; d < 3; d++) {
        lo[d] = at[d] < r[d] ? 0 : at[d] - r[d];
        hi[d] = at[d] + r[d] >= n[d] ? n[d] - 1 : at[d] + r[d];
    }
    for (k = lo[2]; k <= hi[2]; k++)
        for (j = lo[1]; j <= hi[1]; j++)
            for (i = lo[0]; i <= hi[0]; i++) sum += (double)p[i + n[0] * (j + n[1] * k)];
    return sum;
}
static void test_sums(void) {
    static const size_t radii[][3] = {{2, 2, 2}, {4, 1, 3}, {9, 0, 0}, {0, 5, 20}, {0, 0, 0}, {1, 3, 0}};
    size_t s, k, i;
    int c, same;
    (mv_level_force)(t_level);
    for (s = 0; s < SHAPES; s++)
        for (k = 0; k < 6; k++)
            for (same = 0; same < 2; same++) {
                const size_t *dim = shapes[s], n = dim[0] * dim[1] * dim[2];
                float *p[5], *q[5], *scratch;
                const float *from[5];
                size_t all, at;
                double worst = 0;
                if ((s + k + (size_t)t_threads) % 2 && t_threads > 1) continue;
                for (c = 0; c < 5; c++) {
                    p[c] = (float *)malloc(2 * n * sizeof *p[c]);
                    for (i = 0; i < n; i++) p[c][i] = p[c][n + i] = (float)(t_bits() % 1000); /* exact sums */
                    q[c] = p[c] + (same ? n : 0);
                    from[c] = p[c] + n;
                    if (!same) q[c] = (float *)malloc(n * sizeof *q[c]);
                }
                scratch = room(mv__box_scratch(5, dim, radii[k], same), &all);
                CHECK_OK(mv__box_sums(T, q, from, 5, dim, radii[k], scratch));
                for (c = 0; c < 5; c++)
                    for (i = 0; i < 300; i++) {
                        at = i < 40 ? i % n : i < 80 ? n - 1 - i % n : t_bits() % n;
                        worst = fmax(worst, fabs((double)q[c][at] - window(p[c], dim, radii[k], at % dim[0],
                                                     at / dim[0] % dim[1], at / dim[0] / dim[1])));
                    }
                if (!CHECK(worst == 0)) fprintf(stderr, "  shape %zu radius %zu: %g\n", s, k, worst);
                for (c = 0; c < 5; c++) {
                    if (!same) {
                        CHECK(!memcmp(p[c], p[c] + n, n * sizeof *p[c])); /* src as it was */
                        free(q[c]);
                    }
                    free(p[c]);
                }
                t_guard_free(scratch, all);
            }
}
const t_case tests_filter_planes[] = {
    {"smooth", test_smooth, 0},
    {"sums", test_sums, 0},
    {NULL, NULL, 0},
};
