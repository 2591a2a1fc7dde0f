/* rows_coils.c - receiver coils: the volume as a stack of side planes, 8 of them beside each other the coils
   of an image. */
#define BENCH_MARK_CALLS
#include "bench.h"

enum { COILS = 8 };
/* aux[0]: coil images, planes of the input times smooth phases; aux[1]: maps; own: matrices */
static mv_status setup(bench *b) {
    const size_t dim[4] = {b->side, b->side, 1, COILS}, n = b->side * b->side, all = mv_volume_count(&b->in);
    const float *s = (const float *)b->in.data;
    float *p, *q;
    size_t i, c;
    mv_status st = mv_volume_alloc(b->ctx, &b->aux[0], MEDVOL_C64, 4, dim);
    if (st >= 0) st = mv_volume_alloc(b->ctx, &b->aux[1], MEDVOL_C64, 4, dim);
    if (st < 0) return st;
    if (!(b->own = calloc(4 * COILS * COILS, sizeof(double)))) return MEDVOL_E_NOMEM;
    p = (float *)b->aux[0].data, q = (float *)b->aux[1].data;
    for (c = 0; c < COILS; c++)
        for (i = 0; i < n; i++) {
            const double x = (double)(i % b->side) / (double)b->side, y = (double)i / (double)n;
            const double a = 0.7 * (double)c, u = x - 0.5 - 0.6 * cos(a), v = y - 0.5 - 0.6 * sin(a);
            const double m = exp(-2 * (u * u + v * v));
            const double f = s[(all / 2 + i) % all] * 1e-3;
            q[2 * (i + n * c)] = (float)(m * cos(a + x)), q[2 * (i + n * c) + 1] = (float)(m * sin(a + x));
            p[2 * (i + n * c)] = (float)(f * m * cos(a + x) + 1e-2 * s[(i * 7 + c) % all] * 1e-3);
            p[2 * (i + n * c) + 1] = (float)(f * m * sin(a + x) + 1e-2 * s[(i * 5 + 3 * c) % all] * 1e-3);
        }
    return MEDVOL_OK;
}
static mv_status setup_expand(bench *b) {
    mv_status st = setup(b);
    if (st >= 0) st = mv_coil_combine(b->ctx, &b->aux[2], &b->aux[0], &b->aux[1], NULL);
    return st;
}
static mv_status setup_matrix(bench *b) { /* a covariance that is right for nobody, but definite */
    double *m;
    size_t i;
    mv_status st = setup(b);
    m = (double *)b->own;
    for (i = 0; st >= 0 && i < COILS; i++) {
        m[2 * i * (COILS + 1)] = 2 + (double)i;
        if (i) m[2 * (i + COILS * (i - 1)) + 1] = 0.5, m[2 * (i - 1 + COILS * i) + 1] = -0.5;
    }
    return st;
}
static mv_status setup_ksp(bench *b) { /* aux[0] becomes k-space; aux[2]: the images */
    mv_fft_opt o = {0};
    mv_status st = setup(b);
    if (st >= 0) st = mv_volume_copy(b->ctx, &b->aux[2], &b->aux[0]);
    o.flags = MEDVOL_FFT_CENTERED | MEDVOL_FFT_UNITARY;
    return st < 0 ? st : mv_fft(b->ctx, &b->aux[0], &b->aux[0], &o);
}
static void done(bench *b) { free(b->own); }

static mv_status rss(bench *b) { return mv_coil_rss(b->ctx, &b->out, &b->aux[0], NULL); }
static mv_status combine(bench *b) { return mv_coil_combine(b->ctx, &b->out, &b->aux[0], &b->aux[1], NULL); }
static mv_status expand(bench *b) { return mv_coil_expand(b->ctx, &b->out, &b->aux[2], &b->aux[1], NULL); }
static mv_status noise(bench *b) {
    b->numbers = 1;
    return mv_coil_noise(b->ctx, (double *)b->own, &b->aux[0]);
}
static mv_status whiten(bench *b) {
    return mv_coil_whiten(b->ctx, &b->out, &b->aux[0], (const double *)b->own);
}
static mv_status apply(bench *b) {
    return mv_coil_apply(b->ctx, &b->out, &b->aux[0], (const double *)b->own, COILS);
}
static mv_status compress_matrix(bench *b) {
    b->numbers = 1;
    return mv_coil_compress_matrix(b->ctx, (double *)b->own, b->number, 4, &b->aux[0], NULL);
}
static mv_status compress(bench *b) { return mv_coil_compress(b->ctx, &b->out, &b->aux[0], 4, NULL); }

static mv_status setup_gcc(bench *b) {
    mv_status st = setup(b);
    free(b->own);
    b->own = calloc(2 * 4 * COILS * b->side, sizeof(double));
    if (st >= 0 && !b->own) return MEDVOL_E_NOMEM;
    return st < 0 ? st : mv_coil_gcc_matrix(b->ctx, (double *)b->own, 4, &b->aux[0], NULL);
}
static mv_status gcc_matrix(bench *b) {
    b->numbers = 1;
    return mv_coil_gcc_matrix(b->ctx, (double *)b->own, 4, &b->aux[0], NULL);
}
static mv_status gcc_apply(bench *b) {
    return mv_coil_gcc_apply(b->ctx, &b->out, &b->aux[0], (const double *)b->own, 4);
}
static mv_status walsh(bench *b) { return mv_coil_walsh(b->ctx, &b->out, &b->aux[0], NULL); }
static mv_status inati(bench *b) { return mv_coil_inati(b->ctx, &b->out, &b->aux[0], NULL); }
static mv_status lowres(bench *b) { return mv_coil_lowres(b->ctx, &b->out, &b->aux[0], NULL); }
static mv_status espirit(bench *b) { return mv_espirit(b->ctx, &b->out, &b->aux[0], NULL); }

/* ---- what is right: some voxels in double ---- */
enum { LOOKS = 50 };
typedef struct pair {
    double re, im;
} pair;
static pair at(const mv_volume *v, size_t i) {
    const float *p = (const float *)v->data + 2 * i;
    const pair r = {(double)p[0], (double)p[1]};
    return r;
}
static int far(double re, double im, pair want, double size) {
    return !(hypot(re - want.re, im - want.im) <= 1e-5 * size);
}
static int check_rss(bench *b) {
    const size_t n = b->side * b->side;
    size_t t, c;
    for (t = 0; t < LOOKS; t++) {
        const size_t i = t * 7919 % n;
        double sum = 0;
        for (c = 0; c < COILS; c++) {
            const pair x = at(&b->aux[0], i + c * n);
            sum += x.re * x.re + x.im * x.im;
        }
        if (!(fabs((double)((float *)b->out.data)[i] - sqrt(sum)) <= 1e-5 * sqrt(sum))) return 1;
    }
    return 0;
}
static int check_combine(bench *b) {
    const size_t n = b->side * b->side;
    size_t t, c;
    for (t = 0; t < LOOKS; t++) {
        const size_t i = t * 7919 % n;
        double re = 0, im = 0, size = 1e-30;
        for (c = 0; c < COILS; c++) {
            const pair x = at(&b->aux[0], i + c * n), m = at(&b->aux[1], i + c * n);
            re += m.re * x.re + m.im * x.im, im += m.re * x.im - m.im * x.re;
            size += hypot(x.re, x.im) * hypot(m.re, m.im);
        }
        if (far(re, im, at(&b->out, i), size)) return 1;
    }
    return 0;
}
static int check_expand(bench *b) {
    const size_t n = b->side * b->side;
    size_t t;
    for (t = 0; t < LOOKS; t++) {
        const size_t i = t * 7919 % (n * COILS);
        const pair x = at(&b->aux[2], i % n), m = at(&b->aux[1], i);
        if (far(m.re * x.re - m.im * x.im, m.re * x.im + m.im * x.re, at(&b->out, i),
                hypot(x.re, x.im) * hypot(m.re, m.im) + 1e-30))
            return 1;
    }
    return 0;
}
static int check_noise(bench *b) {
    const size_t n = b->side * b->side;
    const double *psi = (const double *)b->own;
    double re = 0, im = 0;
    size_t i;
    for (i = 0; i < n; i++) {
        const pair x = at(&b->aux[0], i + 3 * n), y = at(&b->aux[0], i + n);
        re += x.re * y.re + x.im * y.im, im += x.im * y.re - x.re * y.im;
    }
    re = psi[2 * (3 + COILS)] - re / (double)(n - 1), im = psi[2 * (3 + COILS) + 1] - im / (double)(n - 1);
    return !(hypot(re, im) <= 1e-9 * psi[0]);
}
static int check_apply(bench *b) {
    const size_t n = b->side * b->side;
    const double *m = (const double *)b->own;
    size_t t, c;
    for (t = 0; t < LOOKS; t++) {
        const size_t i = t * 7919 % (n * COILS), r = i / n;
        double re = 0, im = 0, size = 1e-30;
        for (c = 0; c < COILS; c++) {
            const pair x = at(&b->aux[0], i % n + c * n);
            const pair e = {m[2 * (r + c * COILS)], m[2 * (r + c * COILS) + 1]};
            re += e.re * x.re - e.im * x.im, im += e.re * x.im + e.im * x.re;
            size += hypot(x.re, x.im) * hypot(e.re, e.im);
        }
        if (far(re, im, at(&b->out, i), size)) return 1;
    }
    return 0;
}
static int check_whiten(bench *b) { /* the first row of L is psi(0, 0)^1/2 and zeros */
    const double s = 1 / sqrt(((const double *)b->own)[0]);
    size_t t;
    for (t = 0; t < LOOKS; t++) {
        const size_t i = t * 7919 % (b->side * b->side);
        const pair x = at(&b->aux[0], i);
        if (far(s * x.re, s * x.im, at(&b->out, i), hypot(x.re, x.im) + 1e-30)) return 1;
    }
    return 0;
}
static double energy(const mv_volume *v) {
    double sum = 0;
    size_t i;
    for (i = 0; i < mv_volume_count(v); i++) sum += pow(at(v, i).re, 2) + pow(at(v, i).im, 2);
    return sum;
}
static int check_matrix(bench *b) { return !(b->number[0] > 0.3 && b->number[0] <= 1); }
static int check_compress(bench *b) {
    const double part = energy(&b->out) / energy(&b->aux[0]);
    return !(part > 0.9 && part < 1 + 1e-6);
}

static int check_gcc(bench *b) { /* rows of length 1 */
    const double *m = (const double *)b->own;
    size_t x, r, c;
    for (x = 0; x < b->side; x++)
        for (r = 0; r < 4; r++) {
            double sum = 0;
            for (c = 0; c < COILS; c++) {
                const double *e = m + 2 * (r + 4 * (c + COILS * x));
                sum += e[0] * e[0] + e[1] * e[1];
            }
            if (!(fabs(sum - 1) < 1e-9)) return 1;
        }
    return 0;
}
/* beside the maps that the images were made with, weighed by these; either has a phase of its own */
static int check_maps(bench *b) {
    const mv_volume *images = b->aux[2].data ? &b->aux[2] : &b->aux[0];
    const size_t n = b->side * b->side;
    double good = 0, all = 0;
    size_t i, c;
    for (i = 0; i < n; i++) {
        double re = 0, im = 0, m = 0, s = 0, e = 0;
        for (c = 0; c < COILS; c++) {
            const pair x = at(&b->out, i + c * n), y = at(&b->aux[1], i + c * n), z = at(images, i + c * n);
            re += x.re * y.re + x.im * y.im, im += x.re * y.im - x.im * y.re;
            m += y.re * y.re + y.im * y.im, s += x.re * x.re + x.im * x.im, e += z.re * z.re + z.im * z.im;
        }
        if (s != 0 && fabs(s - 1) > 1e-4) return 1;
        good += e * (re * re + im * im) / m, all += e;
    }
    return !(good > 0.97 * all);
}

/* ---- work that cannot be avoided, of n x n voxels ---- */
static double voxels(const bench *b) { return (double)b->side * (double)b->side; }
static double work_squares(const bench *b) { return 2 * COILS * voxels(b); }
static double work_products(const bench *b) { return 4 * COILS * voxels(b); }
enum { HALF = COILS * (COILS + 1) / 2 }; /* of a Hermitian matrix */
static double work_gram(const bench *b) { return 8 * HALF * voxels(b); } /* in doubles */
static double work_triangle(const bench *b) { return 4 * HALF * voxels(b); }
static double work_matrix(const bench *b) { return 4 * COILS * COILS * voxels(b); }
static double work_compress(const bench *b) { return work_gram(b) + 4 * 4 * COILS * voxels(b); }
/* transforms along x; at each x the eigenvectors of a matrix of coils, 2/3 + 1 of its cube in doubles */
static double work_gcc(const bench *b) {
    return bench_fft(COILS * voxels(b), (double)b->side) + work_gram(b) +
        8 * 5. / 3 * COILS * COILS * COILS * (double)b->side;
}
static double work_gcc_apply(const bench *b) { /* transforms of 8 coils, of 4 back */
    return bench_fft((COILS + 4) * voxels(b), (double)b->side) + 4 * 4 * COILS * voxels(b);
}
/* products of pairs of coils; their sums over a window, one in and one out along each axis of each part; one
   product of matrix and vector, without which nobody knows that it is its eigenvector */
static double work_walsh(const bench *b) { return 4 * (HALF + 2 * COILS * COILS) * voxels(b); }
/* of one round, with which it may be done: coils times image, sums over a window, one in and one out along
   each axis of each part; length, products with the maps, their sums over space and with the mean */
static double work_inati(const bench *b) { return (4 + 8 + 2 + 4 + 4 + 4) * COILS * voxels(b); }
/* transforms of the 24 lines along x and of all columns; root sum of squares, and over that */
static double work_lowres(const bench *b) {
    const double n = (double)b->side, k = n < 24 ? n : 24;
    return bench_fft(COILS * (k * n + n * n), n) + 4 * COILS * n * n;
}
/* of blocks of 6 x 6 x 8: the lower half of A^H A and its eigenvectors (2/3 + 1 of the cube), in doubles; at
   each voxel M, each of its 36 elements a complex sum of 11 waves along x (those of d and -d share theirs:
   half of it); and a product with a vector */
static double work_espirit(const bench *b) {
    const double n = (double)b->side, k = n < 24 ? n : 24, m = 36 * COILS, blocks = (k - 5) * (k - 5);
    return 8 * (0.5 * m * m * blocks + 5. / 3 * m * m * m) + 4 * (HALF * 5.5 + COILS * COILS) * n * n;
}
#define ROW(name, call, right, bytes, some, how)                                                             \
    {name, MEDVOL_F32, call, .check = right, .floor = bytes, .work = some, .setup = how, .done = done}
const bench_row rows_coils[] = {
    ROW("coil rss", rss, check_rss, "aw", work_squares, setup),
    ROW("coil combine", combine, check_combine, "abw", work_products, setup),
    ROW("coil expand", expand, check_expand, "bdw", work_products, setup_expand),
    ROW("coil noise", noise, check_noise, "a", work_gram, setup),
    ROW("coil whiten", whiten, check_whiten, "aw", work_triangle, setup_matrix),
    ROW("coil apply", apply, check_apply, "aw", work_matrix, setup_matrix),
    ROW("coil compress matrix", compress_matrix, check_matrix, "a", work_gram, setup),
    ROW("coil compress", compress, check_compress, "aw", work_compress, setup),
    ROW("coil gcc matrix", gcc_matrix, check_gcc, "a", work_gcc, setup_gcc),
    ROW("coil gcc apply", gcc_apply, check_compress, "aw", work_gcc_apply, setup_gcc),
    ROW("coil walsh", walsh, check_maps, "aw", work_walsh, setup),
    ROW("coil inati", inati, check_maps, "aw", work_inati, setup),
    ROW("coil lowres", lowres, check_maps, "w", work_lowres, setup_ksp),
    ROW("espirit", espirit, check_maps, "w", work_espirit, setup_ksp),
    {0},
};
#undef ROW
