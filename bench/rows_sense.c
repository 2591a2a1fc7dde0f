/* rows_sense.c - images of side x side voxels from eight coils. */
#define BENCH_MARK_CALLS
#include "bench.h"

enum { COILS = 8 };
/* aux[0]: k-space of an image; aux[1]: maps of unit length; aux[2]: that image, from the input; own: a mask
 */
static mv_status setup(bench *b, int step) {
    const size_t n = b->side, dim[4] = {n, n, 1, COILS};
    mv_volume *mask = (mv_volume *)calloc(1, sizeof *mask);
    const float *p = (const float *)b->in.data + n * n * (n / 2);
    uint32_t seed = 1;
    size_t i, c;
    mv_status st;
    if (!(b->own = mask)) return MEDVOL_E_NOMEM;
    st = mv_volume_alloc(b->ctx, &b->aux[1], MEDVOL_C64, 4, dim);
    if (st >= 0) st = mv_volume_alloc(b->ctx, &b->aux[2], MEDVOL_C64, 3, dim);
    if (st >= 0) st = mv_volume_alloc(b->ctx, mask, MEDVOL_F32, 2, dim);
    if (st < 0) return st;
    for (i = 0; i < n * n; i++) {
        float *q = (float *)b->aux[1].data + 2 * i;
        const size_t row = i / n;
        double sum = 0, m;
        for (c = 0; c < COILS; c++) {
            const double e = 6.283185307179586477 * (double)c / COILS;
            const double x = (double)(i % n) / (double)n - 0.5 - 0.7 * cos(e),
                         y = (double)row / (double)n - 0.5 - 0.7 * sin(e);
            m = 1 / (0.2 + x * x + y * y), sum += m * m;
            q[2 * n * n * c] = (float)(m * cos(2 * x + e)),
                          q[2 * n * n * c + 1] = (float)(m * sin(2 * x + e));
        }
        for (c = 0; c < COILS; c++)
            q[2 * n * n * c] /= (float)sqrt(sum), q[2 * n * n * c + 1] /= (float)sqrt(sum);
        ((float *)b->aux[2].data)[2 * i] = p[i],
                                      ((float *)b->aux[2].data)[2 * i + 1] = 0.5f * p[n * n - 1 - i];
        seed = seed * 1664525u + 1013904223u; /* step 0: two in five by chance, and the centre; else lines */
        ((float *)mask->data)[i] = (float)(step ? i / n % (size_t)step == 0
                : seed >> 16 < 26214 || (labs((long)(i % n) - (long)(n / 2)) < (long)(n / 16 + 2) &&
                                            labs((long)(i / n) - (long)(n / 2)) < (long)(n / 16 + 2)));
    }
    return mv_sense_forward(b->ctx, &b->aux[0], &b->aux[2], &b->aux[1], mask);
}
static mv_status by_chance(bench *b) { return setup(b, 0); }
static mv_status lines(bench *b) { return setup(b, 2); }
static void done(bench *b) {
    mv_volume_free(b->ctx, (mv_volume *)b->own);
    free(b->own);
}
static mv_status forward(bench *b) {
    return mv_sense_forward(b->ctx, &b->out, &b->aux[2], &b->aux[1], (const mv_volume *)b->own);
}
static mv_status adjoint(bench *b) {
    return mv_sense_adjoint(b->ctx, &b->out, &b->aux[0], &b->aux[1], (const mv_volume *)b->own);
}
static mv_status gradients(bench *b) {
    mv_cg_sense_opt o = {0};
    o.mask = (const mv_volume *)b->own;
    o.lambda = 0.001;
    return mv_cg_sense(b->ctx, &b->out, &b->aux[0], &b->aux[1], &o);
}
static mv_status unfold(bench *b) {
    mv_sense_opt o = {0};
    o.accel[0] = 2;
    return mv_sense(b->ctx, &b->out, &b->aux[0], &b->aux[1], &o);
}
/* sum over conj(a) b, its real part */
static double dot(const mv_volume *a, const mv_volume *b) {
    const float *p = (const float *)a->data, *q = (const float *)b->data;
    const size_t n = 2 * mv_volume_count(a);
    double s = 0;
    size_t i;
    for (i = 0; i < n; i++) s += (double)p[i] * (double)q[i];
    return s;
}
static int check_forward(bench *b) { /* what was made from the same */
    return memcmp(b->out.data, b->aux[0].data, bench_bytes(&b->out)) != 0;
}
static int check_adjoint(bench *b) {
    const double was = dot(&b->aux[0], &b->aux[0]);
    return !(fabs(dot(&b->aux[2], &b->out) - was) <= 1e-5 * was);
}
static int apart(const bench *b, double tolerance) {
    const double x = dot(&b->aux[2], &b->aux[2]);
    return !(fabs(dot(&b->out, &b->out) - 2 * dot(&b->out, &b->aux[2]) + x) <= tolerance * tolerance * x);
}
static int check_gradients(bench *b) { return apart(b, 0.15); }
static int check_unfold(bench *b) { return apart(b, 2e-3); } /* of sums that cancel: 1e-4 at best */

/* Work: transforms of each coil, and its product with the map. Gradients: both, there and back, in each of 30
   steps (lines: along y alone, the mask being the same along x) with three sums of images and two products,
   and once the adjoint; the maps are read in each step. Unfolding: transforms of every other line, along y of
   half the length; of each pair of voxels matrix and right side, in doubles. */
enum { STEPS = 30 };
static double voxels(const bench *b) { return (double)b->side * (double)b->side; }
static double work_once(const bench *b) {
    return bench_fft(COILS * voxels(b), voxels(b)) + 4 * COILS * voxels(b);
}
static double work_steps(const bench *b, double length) {
    return work_once(b) +
        STEPS * (2 * bench_fft(COILS * voxels(b), length) + 2 * 4 * COILS * voxels(b) + 5 * 2 * voxels(b));
}
static double work_chance(const bench *b) { return work_steps(b, voxels(b)); }
static double work_rows(const bench *b) { return work_steps(b, (double)b->side); }
static double work_unfold(const bench *b) {
    return bench_fft(COILS * voxels(b) / 2, voxels(b) / 2) + voxels(b) / 2 * COILS * (3 + 2) * 8;
}

#define ROW(name, run, right, bytes, some, how, times)                                                       \
    {name, MEDVOL_F32, run, .check = right, .floor = bytes, .work = some, .passes = times, .setup = how,     \
        .done = done, .most = 512}
const bench_row rows_sense[] = {
    ROW("sense forward, 8 coils", forward, check_forward, "bdw", work_once, by_chance, 1),
    ROW("sense adjoint, 8 coils", adjoint, check_adjoint, "abw", work_once, by_chance, 1),
    ROW("cg-sense, 8 coils, 30 steps", gradients, check_gradients, "abw", work_chance, by_chance, STEPS + 1),
    ROW("cg-sense, 8 coils, lines", gradients, check_gradients, "abw", work_rows, lines, STEPS + 1),
    ROW("sense, 8 coils, R = 2", unfold, check_unfold, "abw", work_unfold, lines, 1),
    {0},
};
#undef ROW
