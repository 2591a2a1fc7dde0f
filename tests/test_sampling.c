/* test_sampling.c - the kernels under [FIELD] that no public call shows by themselves, in a static copy of
   the section: composition of fields, a warped image with its gradient, sources beyond 2^31 elements. The
   oracle is the definition in double, voxel by voxel. */
#if defined(__unix__) || defined(__APPLE__)
#    define _DEFAULT_SOURCE 1
#endif
#define MEDVOL_STATIC
#define MEDVOL_IMPLEMENTATION
#define MEDVOL_NO_GZIP
#define MEDVOL_NO_IO
#define MEDVOL_NO_INTENSITY
#define MEDVOL_NO_SPATIAL
#define MEDVOL_NO_LINALG
#define MEDVOL_NO_FFT
#define MEDVOL_NO_KSPACE
#define MEDVOL_NO_COILS
#define MEDVOL_NO_GRAPPA
#define MEDVOL_NO_SENSE
#define MEDVOL_NO_TRAJECTORY
#define MEDVOL_NO_NUFFT
#define MEDVOL_NO_ITERATE
#define MEDVOL_NO_FILTER
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
#if defined(__unix__) || defined(__APPLE__)
#    include <sys/mman.h>
#endif

/* value of p at q and, where g is not NULL, the gradient of the interpolant */
static double o_sample(const float *p, const size_t *n, size_t sy, size_t sz, const double *q, double *g) {
    size_t c[3], stride[3] = {1, sy, sz}, k;
    double f[3], in[3], w, s = 0;
    int r;
    for (r = 0; r < 3; r++) {
        double top = (double)(n[r] - 1), x = q[r] < 0 ? 0 : q[r] > top ? top : q[r];
        in[r] = q[r] < 0 || q[r] > top ? 0 : 1;
        c[r] = (size_t)floor(x);
        if (c[r] + 2 > n[r] && n[r] > 1) c[r] = n[r] - 2;
        f[r] = x - (double)c[r];
        if (n[r] == 1) f[r] = 0, stride[r] = 0;
        if (g) g[r] = 0;
    }
    for (k = 0; k < 8; k++) {
        size_t at = 0;
        for (r = 0; r < 3; r++) at += (c[r] + (k >> r & 1)) * (n[r] > 1 ? stride[r] : 0);
        for (w = 1, r = 0; r < 3; r++) w *= k >> r & 1 ? f[r] : 1 - f[r];
        s += w * (double)p[at];
        for (r = 0; g && r < 3; r++) {
            int e;
            for (w = in[r], e = 0; e < 3; e++)
                w *= e == r ? (k >> e & 1 ? 1 : -1) : k >> e & 1 ? f[e] : 1 - f[e];
            g[r] += w * (double)p[at];
        }
    }
    return s;
}
static float *numbers(size_t n, double lo, double hi) {
    float *p = (float *)malloc((n ? n : 1) * sizeof *p);
    size_t i;
    for (i = 0; p && i < n; i++) p[i] = (float)t_uniform(lo, hi);
    return p;
}

static const size_t shapes[][3] = {{7, 5, 4}, {64, 3, 2}, {65, 2, 3}, {17, 1, 9}, {1, 6, 5}, {33, 9, 1},
    {1, 1, 1}, {130, 4, 2}, {16, 16, 16}};

/* dst = w + u(x + w): comps planes, in place or not; displacements that leave the grid, NaN and infinity */
static void composed(const size_t *n, int comps, double reach, int place) {
    const size_t voxels = n[0] * n[1] * n[2];
    float *u[3] = {NULL}, *w[3] = {NULL}, *d[3] = {NULL}, *was[3];
    size_t x, y, z, i = 0;
    double worst = 0;
    int c;
    for (c = 0; c < comps; c++) {
        u[c] = numbers(voxels, -2, 2), w[c] = numbers(voxels, -reach, reach);
        was[c] = (float *)malloc(voxels * sizeof(float));
        if (voxels > 9) w[c][voxels / 2 + (size_t)c] = c == 0 ? NAN : c == 1 ? INFINITY : -INFINITY;
        if (voxels > 9) w[c][3] = 1e30f, w[c][5] = -1e9f;
        memcpy(was[c], w[c], voxels * sizeof(float));
        d[c] = place ? w[c] : (float *)malloc(voxels * sizeof(float));
    }
    CHECK_OK(mv__field_compose(T, d, (const float *const *)u, (const float *const *)w, comps, n, "test"));
    for (z = 0; z < n[2]; z++)
        for (y = 0; y < n[1]; y++)
            for (x = 0; x < n[0]; x++, i++) {
                double q[3] = {(double)x, (double)y, (double)z}, e;
                int bad = 0;
                for (c = 0; c < comps; c++) q[c] += (double)was[c][i], bad |= !isfinite(was[c][i]);
                for (c = 0; c < comps; c++) {
                    double want =
                        bad ? (double)NAN : o_sample(u[c], n, n[0], n[0] * n[1], q, NULL) + (double)was[c][i];
                    if (bad) CHECK(d[c][i] != d[c][i]);
                    else if ((e = fabs(want - (double)d[c][i]) / fmax(1, fabs(want))) > worst) worst = e;
                }
            }
    CHECK(worst < 4e-5);
    for (c = 0; c < comps; c++) {
        free(u[c]), free(w[c]), free(was[c]);
        if (!place) free(d[c]);
    }
}
static void test_compose(void) {
    size_t s;
    mv_level_force(t_level);
    t_seed(1);
    for (s = 0; s < sizeof shapes / sizeof shapes[0]; s++) {
        composed(shapes[s], 3, 1.5, 0);
        composed(shapes[s], 3, 9, 1);
        if (shapes[s][2] == 1) composed(shapes[s], 2, 4, (int)(s & 1));
    }
}
/* a warped image and its gradient through an affine of any sort, onto a grid of another shape */
static void warped(const size_t *mn, const size_t *n, const double *a, int comps, double reach) {
    const size_t moving = mn[0] * mn[1] * mn[2], voxels = n[0] * n[1] * n[2];
    float *m = numbers(moving, -1, 1), *u[3] = {NULL}, *g[3], *w = numbers(voxels, 7, 7),
          *v = numbers(voxels, 7, 7);
    size_t x, y, z, i = 0;
    double worst = 0, steep = 0;
    int c;
    for (c = 0; c < 3; c++)
        g[c] = numbers(voxels, 7, 7), u[c] = c < comps ? numbers(voxels, -reach, reach) : NULL;
    CHECK_OK(mv__warp_gradient(T, w, g, m, mn, a, comps ? (const float *const *)u : NULL, comps, n, "test"));
    CHECK_OK(
        mv__warp_gradient(T, v, NULL, m, mn, a, comps ? (const float *const *)u : NULL, comps, n, "test"));
    CHECK(memcmp(v, w, voxels * sizeof *v) == 0);
    for (z = 0; z < n[2]; z++)
        for (y = 0; y < n[1]; y++)
            for (x = 0; x < n[0]; x++, i++) {
                double p[3] = {(double)x, (double)y, (double)z}, q[3], slope[3], want;
                int near_edge = 0;
                for (c = 0; c < comps; c++) p[c] += (double)u[c][i];
                mv_affine_apply(q, a, p);
                want = o_sample(m, mn, mn[0], mn[0] * mn[1], q, slope);
                worst = fmax(worst, fabs(want - (double)w[i]));
                for (c = 0; c < 3; c++) /* the gradient jumps from cell to cell */
                    near_edge |= mn[c] > 1 && fabs(q[c] - rint(q[c])) < 1e-4;
                for (c = 0; c < 3 && !near_edge; c++) steep = fmax(steep, fabs(slope[c] - (double)g[c][i]));
            }
    CHECK(worst < 1e-4);
    CHECK(steep < 2e-4);
    for (c = 0; c < 3; c++) free(u[c]), free(g[c]);
    free(m), free(w), free(v);
}
static void test_gradient(void) {
    static const size_t m[3] = {21, 18, 9}, flat[3] = {30, 25, 1}, line[3] = {1, 12, 8};
    static const double turn[12] = {0.9, 0.2, -0.1, -1, -0.3, 0.8, 0.15, 4, 0.1, -0.2, 0.7, 1},
                        id[12] = {1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0},
                        big[12] = {9, 0, 0, 0, 0, 3, 0, -60, 0, 0, 500, -9},
                        far[12] = {1, 0, 0, 1e12, 0, 1, 0, -1e300, 0, 0, 1e9, 0};
    size_t s;
    mv_level_force(t_level);
    t_seed(2);
    for (s = 0; s < sizeof shapes / sizeof shapes[0]; s++) {
        warped(m, shapes[s], turn, 3, 2);
        warped(m, shapes[s], id, 0, 0);
        warped(flat, shapes[s], id, 2, 3);
        warped(flat, shapes[s], turn, 3, 1);
        warped(line, shapes[s], turn, 3, 1);
        warped(m, shapes[s], big, 3, 0.5);
        warped(m, shapes[s], far, 0, 0);
    }
}
static void test_levels_agree(
    void) { /* positions are the same numbers at every level: only the blend differs */
    static const size_t n[3] = {70, 9, 5};
    const size_t voxels = 70 * 9 * 5;
    float *u[3], *w[3], *d[3], *e[3];
    double worst = 0;
    size_t i;
    int c;
    t_seed(3);
    for (c = 0; c < 3; c++) {
        u[c] = numbers(voxels, -1, 1), w[c] = numbers(voxels, -3, 3);
        d[c] = numbers(voxels, 0, 0), e[c] = numbers(voxels, 0, 0);
    }
    mv_level_force(1);
    CHECK_OK(mv__field_compose(T, d, (const float *const *)u, (const float *const *)w, 3, n, "test"));
    mv_level_force(t_level);
    CHECK_OK(mv__field_compose(T, e, (const float *const *)u, (const float *const *)w, 3, n, "test"));
    for (c = 0; c < 3; c++)
        for (i = 0; i < voxels; i++) worst = fmax(worst, fabs((double)d[c][i] - (double)e[c][i]));
    CHECK(worst < 2e-6);
    for (c = 0; c < 3; c++) free(u[c]), free(w[c]), free(d[c]), free(e[c]);
}
/* corners by gathers of the CPU and by loads of our own, whichever this one would choose: the same bits */
static void test_gathers(void) {
#if defined(MV__X86) && MV__LEVELS > 3
    static const size_t n[2][3] = {{70, 9, 5}, {70, 45, 1}};
    float *u[3], *w[3], *d[2][3];
    int c, k, kind;
    t_seed(4);
    for (c = 0; c < 3; c++) {
        u[c] = numbers(3150, -1, 1), w[c] = numbers(3150, -3, 3);
        for (kind = 0; kind < 2; kind++) d[kind][c] = numbers(3150, 0, 0);
    }
    mv_level_force(t_level);
    for (k = 0; k < 2; k++) {
        for (kind = 0; kind < 2; kind++) {
            mv__cpu_word ^= MV__CPU_GATHERS;
            CHECK_OK(mv__field_compose(T, d[kind], (const float *const *)u, (const float *const *)w, 3 - k,
                                       n[k], "test"));
        }
        for (c = 0; c < 3 - k; c++) CHECK(memcmp(d[0][c], d[1][c], 3150 * sizeof(float)) == 0);
        CHECK(d[0][0][1] != d[0][0][2]);
    }
    for (c = 0; c < 3; c++) free(u[c]), free(w[c]), free(d[0][c]), free(d[1][c]);
#else
    t_skip("level 4 alone has both");
#endif
}
#if defined(MAP_NORESERVE) && UINTPTR_MAX > 0xffffffffu
/* planes 2^31 elements apart: 24 GiB of addresses, of which a few pages are there */
static void test_far(void) {
    static const size_t n[3] = {9, 5, 4};
    const size_t sz = (size_t)1 << 31, bytes = (3 * sz + 64) * sizeof(float);
    float *p = (float *)mmap(
        NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    float *near_ = numbers(180, -1, 1), out[9], want[9], u[3][9];
    mv__fd_row s;
    size_t x, y, z, row;
    int c;
    mv_level_force(t_level);
    if (p == (float *)MAP_FAILED) {
        free(near_);
        t_skip("24 GiB of addresses were refused");
        return;
    }
    for (z = 0; z < 4; z++)
        for (y = 0; y < 5; y++)
            for (x = 0; x < 9; x++) p[z * sz + y * 9 + x] = near_[(z * 5 + y) * 9 + x];
    memset(&s, 0, sizeof s);
    for (c = 0; c < 3; c++) s.n[c] = n[c], s.step[c] = c == 0, s.u[c] = u[c], s.b[4 * c] = 1;
    s.planes = 3, s.diagonal = 1;
    for (row = 0; row < 20; row++) {
        for (c = 0; c < 3; c++)
            for (x = 0; x < 9; x++) u[c][x] = (float)t_uniform(-3, 3);
        s.at[1] = (double)(row % 5), s.at[2] = (double)(row / 5);
        s.src[0] = p, s.sy = 9, s.sz = sz, s.dst[0] = out;
        s.wide = mv__fd_is_far(n, s.sy, s.sz);
        CHECK(s.wide);
        MV__PICK(mv__fd_lin1)(&s, 9);
        s.src[0] = near_, s.sz = 45, s.dst[0] = want, s.wide = mv__fd_is_far(n, 9, 45);
        CHECK(!s.wide);
        MV__PICK(mv__fd_lin1)(&s, 9);
        CHECK(memcmp(out, want, sizeof out) == 0);
    }
    munmap(p, bytes);
    free(near_);
}
#else
#    define test_far NULL
#endif

const t_case tests_sampling[] = {
    {"compose", test_compose, 0},
    {"gradient", test_gradient, 0},
    {"levels_agree", test_levels_agree, 0},
    {"gathers", test_gathers, 0},
    {"far", test_far, 0},
    {NULL, NULL, 0},
};
