/* kernels.c - the kernels inside registration, alone, beside the same arithmetic in plain C: nanoseconds of
   processor time a voxel, and those of a whole iteration of mv_register_lncc. `make bench-kernels`.
     kernels [SIZE=128] [ROUNDS=25]
   Kernels are private, so this file holds the implementation; plain C is this file again with KERNELS_PLAIN,
   as the compiler makes it best (-O3 -march=native -ffast-math). Rounds take turns; the median is told. */
#include <stddef.h>
/* One row by a plain loop: border voxels repeat; gradients of the interpolation; g[0] NULL: none */
void plain_row(float *const *d, float *const *g, const float *f, const float *const *u, int n, int y, int z);
#ifdef KERNELS_PLAIN
static float held(float x, float top) { return x < 0 ? 0 : x > top ? top : x; }
static inline void row(float *restrict d, float *restrict gx, float *restrict gy, float *restrict gz,
                       const float *restrict f, const float *restrict u, const float *restrict v,
                       const float *restrict w, int n, int y, int z, int gradient) {
    const float top = (float)(n - 1);
    int x;
    for (x = 0; x < n; x++) {
        const float px = held((float)x + u[x], top), py = held((float)y + v[x], top);
        const float pz = held((float)z + w[x], top);
        const int i = (int)px < n - 2 ? (int)px : n - 2, j = (int)py < n - 2 ? (int)py : n - 2;
        const int k = (int)pz < n - 2 ? (int)pz : n - 2, q = (k * n + j) * n + i, r = q + n * n;
        const float a = px - (float)i, b = py - (float)j, c = pz - (float)k;
        const float d00 = f[q + 1] - f[q], d10 = f[q + n + 1] - f[q + n];
        const float d01 = f[r + 1] - f[r], d11 = f[r + n + 1] - f[r + n];
        const float p00 = f[q] + a * d00, p10 = f[q + n] + a * d10;
        const float p01 = f[r] + a * d01, p11 = f[r + n] + a * d11;
        const float near = p00 + b * (p10 - p00), far = p01 + b * (p11 - p01);
        d[x] = near + c * (far - near);
        if (!gradient) continue;
        gx[x] = (1 - c) * (d00 + b * (d10 - d00)) + c * (d01 + b * (d11 - d01));
        gy[x] = (1 - c) * (p10 - p00) + c * (p11 - p01);
        gz[x] = far - near;
    }
}
void plain_row(float *const *d, float *const *g, const float *f, const float *const *u, int n, int y, int z) {
    if (g[0]) row(d[0], g[0], g[1], g[2], f, u[0], u[1], u[2], n, y, z, 1);
    else row(d[0], 0, 0, 0, f, u[0], u[1], u[2], n, y, z, 0);
}
#else
#define MEDVOL_IMPLEMENTATION
#include "medvol.h"
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { WARP, GRADIENT, COMPOSE, PLAIN, PLAIN_GRADIENT, KINDS, ROUNDS = 101 };
static const char *const name[KINDS] = {"warp", "warp and gradient", "composition", "warp, plain C",
                                        "warp and gradient, plain C"};
static float *image, *field[3], *grad[3], *out[3];
static size_t side;

static double seconds(void) {
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}
static int compare(const void *a, const void *b) {
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}
static void stop(const char *why) {
    fprintf(stderr, "kernels: %s\n", why);
    exit(1);
}
static float *floats(size_t n) {
    float *p = (float *)calloc(n + 16, sizeof *p);
    if (!p) stop("out of memory");
    return p;
}
/* all rows of the field by a kernel of the level in use */
static void by_kernel(int kind) {
    static const double eye[12] = {1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0};
    mv__fd_row s;
    size_t y, z;
    int c;
    memset(&s, 0, sizeof s);
    s.planes = 3;
    mv__fd_turn_of(&s, eye);
    for (c = 0; c < 3; c++) s.n[c] = side, s.step[c] = eye[4 * c];
    s.sy = (int)side, s.sz = (int)(side * side);
    s.wide = mv__fd_is_far(s.n, s.sy, s.sz);
    for (z = 0; z < side; z++)
        for (y = 0; y < side; y++) {
            const size_t at = (z * side + y) * side;
            s.at[0] = 0, s.at[1] = (double)y, s.at[2] = (double)z;
            for (c = 0; c < 3; c++) {
                s.u[c] = field[c] + at, s.grad[c] = grad[c] + at, s.dst[c] = out[c] + at;
                s.src[c] = kind == COMPOSE ? field[c] : image;
                s.plus[c] = kind == COMPOSE ? field[c] + at : NULL;
            }
            if (kind == COMPOSE) MV__PICK(mv__fd_lin3)(&s, side);
            else if (kind == GRADIENT) MV__PICK(mv__fd_grad)(&s, side);
            else MV__PICK(mv__fd_lin1)(&s, side);
        }
}
static void plainly(int gradient) {
    size_t y, z;
    for (z = 0; z < side; z++)
        for (y = 0; y < side; y++) {
            const size_t at = (z * side + y) * side;
            const float *u[3];
            float *d[1], *g[3];
            int c;
            for (c = 0; c < 3; c++) u[c] = field[c] + at, g[c] = gradient ? grad[c] + at : NULL;
            d[0] = out[0] + at;
            plain_row(d, g, image, u, (int)side, (int)y, (int)z);
        }
}
/* Of one level and so many iterations, seconds; the iterations that were made. */
static double register_once(int full, int *iterations) {
    mv_ctx ctx;
    mv_volume fixed, moving, warp;
    mv_register_lncc_opt o;
    mv_register_report report;
    size_t dim[3], i;
    double t;
    memset(&ctx, 0, sizeof ctx), memset(&warp, 0, sizeof warp), memset(&o, 0, sizeof o);
    memset(&fixed, 0, sizeof fixed), memset(&moving, 0, sizeof moving), memset(&report, 0, sizeof report);
    dim[0] = dim[1] = dim[2] = side;
    if (mv_volume_alloc(&ctx, &fixed, MEDVOL_F32, 3, dim) < 0) stop(mv_message(&ctx));
    if (mv_volume_alloc(&ctx, &moving, MEDVOL_F32, 3, dim) < 0) stop(mv_message(&ctx));
    for (i = 0; i < side * side * side; i++) {
        const double w = 6.28 / (double)side, x = w * (double)(i % side), y = w * (double)(i / side % side);
        const double z = w * (double)(i / side / side), noise = 0.01 * (double)image[i];
        const double at[3] = {x + 0.07, y + 0.05, z - 0.05};
        ((float *)fixed.data)[i] = (float)(sin(5 * x) * sin(4 * y) + cos(6 * z) + noise);
        ((float *)moving.data)[i] = (float)(sin(5 * at[0]) * sin(4 * at[1]) + cos(6 * at[2]) + noise);
    }
    o.full = full;
    o.control.levels = 1, o.control.iterations = *iterations;
    o.control.slope = -1, o.control.tolerance = 1e-9; /* do not end before that */
    o.control.report = &report;
    t = seconds();
    if (mv_register_lncc(&ctx, &warp, &fixed, &moving, &o) < 0) stop(mv_message(&ctx));
    t = seconds() - t;
    *iterations = report.iterations[0];
    mv_volume_free(&ctx, &fixed), mv_volume_free(&ctx, &moving), mv_volume_free(&ctx, &warp);
    return t;
}
int main(int argc, char **argv) {
    static double t[KINDS][ROUNDS];
    const int rounds = argc > 2 && atoi(argv[2]) > 0 && atoi(argv[2]) < ROUNDS ? atoi(argv[2]) : 25;
    size_t n, i;
    int c, k, r;
    side = argc > 1 ? (size_t)atoi(argv[1]) : 128;
    if (side < 16 || side > 512) stop("[SIZE=128, 16..512] [ROUNDS=25]");
    n = side * side * side;
    image = floats(n);
    for (c = 0; c < 3; c++) field[c] = floats(n), grad[c] = floats(n), out[c] = floats(n);
    for (i = 0; i < n; i++) {
        const double w = 6.28 / (double)side, x = w * (double)(i % side), y = w * (double)(i / side % side);
        const double z = w * (double)(i / side / side);
        image[i] = (float)(i * 2654435761u % 65536) / 65536.0f;
        field[0][i] = (float)(4 * sin(y) * cos(z));
        field[1][i] = (float)(4 * sin(z) * cos(x));
        field[2][i] = (float)(4 * sin(x) * cos(y));
    }
    for (r = 0; r < rounds; r++)
        for (k = 0; k < KINDS; k++) {
            t[k][r] = seconds();
            if (k < PLAIN) by_kernel(k);
            else plainly(k == PLAIN_GRADIENT);
            t[k][r] = seconds() - t[k][r];
        }
    printf("%zu voxels a side, level %s, one thread, median of %d: ns a voxel\n", side,
           mv_level_name(mv_level()), rounds);
    for (k = 0; k < KINDS; k++) {
        qsort(t[k], (size_t)rounds, sizeof **t, compare);
        printf("  %-28s %6.2f\n", name[k], 1e9 * t[k][rounds / 2] / (double)n);
    }
    for (k = 0; k < 2; k++) { /* what more iterations take */
        int few = 4, many = 24;
        double s = register_once(k, &few), best = 1e9;
        for (r = 0; r < 3; r++) {
            double more;
            many = 24;
            more = register_once(k, &many) - s;
            best = more < best ? more : best;
        }
        printf("  LNCC iteration, %s field   %6.2f  (%d and %d iterations)\n", k ? "full" : "half",
               1e9 * best / (many - few) / (double)n, few, many);
    }
    for (c = 0; c < 3; c++) free(field[c]), free(grad[c]), free(out[c]);
    free(image);
    return 0;
}
#endif
