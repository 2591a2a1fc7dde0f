/* test_golden.c - a checksum of each operation's result at the scalar level, kept in golden.txt together with
   MEDVOL_NUMERICS. A checksum that moves fails until MEDVOL_NUMERICS rises; then `make golden` writes the
   file anew (it refuses before). To add an operation: a function that feeds its results to sum(), and a row
   in the table. Each also runs with the case's threads and at every level: the same bits as with one thread,
   and for rows marked EXACT the same bits as the scalar level. */
#include "test.h"

static uint32_t crc;
static void sum(const void *p, size_t n) { crc = t_crc32(crc, p, n); }
static void sum_numbers(const void *p, size_t width, size_t n) { /* least byte first on every machine */
    const uint8_t *b = (const uint8_t *)p;
    size_t i, k;
    if (!T_BIG_ENDIAN) { sum(p, n * width); return; }
    for (i = 0; i < n; i++, b += width)
        for (k = width; k-- > 0;) sum(b + k, 1);
}
static void sum_doubles(const double *p, size_t n) { sum_numbers(p, sizeof *p, n); }
static void sum_volume(const mv_volume *v) { /* voxels of a contiguous volume, shape, geometry to 1e-9 */
    double a[12];
    uint64_t dim[7];
    int i;
    if (v->dtype == MEDVOL_RGB24) sum(v->data, mv_volume_count(v) * 3);
    else if (v->dtype == MEDVOL_C64) sum_numbers(v->data, 4, 2 * mv_volume_count(v));
    else sum_numbers(v->data, mv_dtype_size(v->dtype), mv_volume_count(v));
    for (i = 0; i < 7; i++) dim[i] = v->dim[i];
    sum_numbers(dim, sizeof *dim, 7);
    for (i = 0; i < 12; i++) a[i] = floor(v->affine[i] * 1e9 + 0.5) + 0.0;
    sum_doubles(a, 12);
}
/* A smooth oblique volume with noise, type f32, its own every time. */
static void head(mv_ctx *ctx, mv_volume *v, size_t nx, size_t ny, size_t nz) {
    static const double affine[12] = {1.9, 0.3, -0.2, -40, -0.25, 2.1, 0.4, -55, 0.1, -0.5, 2.9, 12};
    size_t dim[3], i, j, k;
    float *f;
    dim[0] = nx, dim[1] = ny, dim[2] = nz;
    if (mv_volume_alloc(ctx, v, MEDVOL_F32, 3, dim) < 0) abort();
    memcpy(v->affine, affine, sizeof affine);
    f = (float *)v->data;
    for (k = 0; k < nz; k++)
        for (j = 0; j < ny; j++)
            for (i = 0; i < nx; i++) {
                double x = (double)i - (double)nx / 2, y = (double)j - (double)ny / 2,
                       z = (double)k - (double)nz / 2;
                *f++ = (float)(1000.0 / (1.0 + 0.01 * (x * x + y * y + 2 * z * z)) + 5.0 * x +
                    t_uniform(0, 20));
            }
}
static void g_convert(mv_ctx *ctx) {
    static double in[5000], mid[5000], out[5000];
    size_t a, b, i;
    for (i = 0; i < 5000; i++) in[i] = t_uniform(-400, 400);
    for (a = 0; a < 12; a++) {
        CHECK_OK(mv_convert_array(ctx, mid, t_real_types[a], in, MEDVOL_F64, 5000, 1, 0));
        for (b = 0; b < 12; b++) {
            mv_dtype from = t_real_types[a], to = t_real_types[b];
            double slope = (a + b) % 3 ? 0.75 : 1.0, inter = (a + b) % 3 ? 2.0 : 0.0;
            CHECK_OK(mv_convert_array(ctx, out, to, mid, from, 5000, slope, inter));
            sum_numbers(out, mv_dtype_size(to), 5000);
        }
    }
}
static void g_points(mv_ctx *ctx) {
    static const double a[12] = {1.5, 0.25, -0.125, 7, -0.3, 2.2, 0.7, -9, 0.01, -0.02, 3.3, 11};
    static double p[3][70001];
    size_t i;
    for (i = 0; i < 70001; i++)
        p[0][i] = t_uniform(-90, 90), p[1][i] = t_uniform(-90, 90), p[2][i] = t_uniform(-90, 90);
    CHECK_OK(mv_affine_apply_points(ctx, a, p[0], p[1], p[2], p[0], p[1], p[2], 70001));
    sum_doubles(p[0], sizeof p / sizeof **p);
}
static void g_affine(mv_ctx *ctx) {
    double a[12], b[12], q[3], o[3], s[3], f;
    int i, k;
    (void)ctx;
    for (k = 0; k < 50; k++) {
        for (i = 0; i < 12; i++) a[i] = t_uniform(-4, 4);
        CHECK_OK(mv_affine_invert(b, a));
        sum_doubles(b, 12);
        mv_affine_mul(b, b, a);
        sum_doubles(b, 12);
        mv_affine_to_qform(a, q, o, s, &f);
        for (i = 0; i < 3; i++) q[i] = floor(q[i] * 1e9 + 0.5) + 0.0;
        sum_doubles(q, 3);
    }
}
static void g_copy(mv_ctx *ctx) {
    mv_volume v, view, w;
    size_t start[3] = {3, 2, 1}, size[3] = {20, 17, 13};
    memset(&w, 0, sizeof w);
    head(ctx, &v, 29, 23, 17);
    CHECK_OK(mv_volume_view(ctx, &view, &v, start, size));
    CHECK_OK(mv_volume_copy(ctx, &w, &view));
    sum_volume(&w);
    mv_volume_free(ctx, &w);
    mv_volume_free(ctx, &v);
}

/* Intensity: types and layouts, a mask, NaN and infinities; the C library's pow stays out, its last bit is
   not ours. */
static void g_statistics(mv_ctx *ctx) {
    static const double q[6] = {0, 1, 33.3, 50, 99.5, 100};
    mv_volume v, w;
    size_t t, i;
    head(ctx, &v, 67, 45, 31);
    ((float *)v.data)[5] = NAN, ((float *)v.data)[4000] = INFINITY, ((float *)v.data)[70000] = -INFINITY;
    for (t = 0; t <= 12; t++) {
        mv_statistics s[31];
        mv_stats_opt o;
        double p[6];
        uint64_t counts[100];
        mv_hist h;
        memset(&w, 0, sizeof w);
        memset(&o, 0, sizeof o);
        memset(&h, 0, sizeof h);
        h.counts = counts, h.bins = 100;
        CHECK_OK(mv_convert(ctx, &w, &v, t_real_types[t % 12], NULL));
        if (t % 2) w.slope = -0.75, w.inter = 3;
        o.split = t % 3 ? 3 : 0, o.nonzero = t > 5;
        CHECK_OK(mv_stats(ctx, s, &w, &o));
        for (i = 0; i < (o.split ? 31 : 1); i++)
            sum_numbers(&s[i].count, sizeof(uint64_t), 3), sum_doubles(&s[i].min, 2);
        for (i = 0; i < (o.split ? 31 : 1); i++)
            if (!s[i].inf) sum_doubles(&s[i].sum, 7); /* a NaN's sign may differ */
        CHECK_OK(mv_percentiles(ctx, p, &w, q, 6, NULL));
        sum_doubles(p, 6);
        CHECK_OK(mv_histogram(ctx, &h, &w, NULL));
        CHECK_OK(mv_otsu(ctx, p, &h));
        sum_numbers(counts, sizeof *counts, 100);
        sum_doubles(p, 1);
        mv_volume_free(ctx, &w);
    }
    mv_volume_free(ctx, &v);
}
static void g_intensity(mv_ctx *ctx) {
    mv_volume v, w, d;
    size_t t;
    int op;
    head(ctx, &v, 61, 43, 29);
    for (t = 0; t < 12; t++) {
        memset(&w, 0, sizeof w);
        CHECK_OK(mv_convert(ctx, &w, &v, t_real_types[t], NULL));
        if (t % 2) w.slope = 0.5, w.inter = -20;
        for (op = 0; op < 7; op++) {
            mv_znorm_opt z;
            mv_rescale_opt r;
            mv_gamma_opt g;
            memset(&z, 0, sizeof z);
            memset(&r, 0, sizeof r);
            memset(&g, 0, sizeof g);
            memset(&d, 0, sizeof d);
            z.nonzero = 1, z.split = 3, r.range = MEDVOL_RANGE_PERCENTILE, r.lo = 1, r.hi = 99, r.clip = 1;
            g.mode = (int)(t % 3);
            if (op == 6 && t_real_types[t] == MEDVOL_F64) continue;
            CHECK_OK(op == 0   ? mv_znorm(ctx, &d, &w, NULL)
                     : op == 1 ? mv_znorm(ctx, &d, &w, &z)
                     : op == 2 ? mv_rescale(ctx, &d, &w, -1, 1, &r)
                     : op == 3 ? mv_clamp(ctx, &d, &w, 11, 77)
                     : op == 4 ? mv_threshold(ctx, &d, &w, 11, 77, NULL)
                     : op == 5 ? mv_linear(ctx, &d, &w, 0.3, 7)
                               : mv_gamma(ctx, &d, &w, 0.7, &g));
            sum_volume(&d);
            mv_volume_free(ctx, &d);
        }
        mv_volume_free(ctx, &w);
    }
    mv_volume_free(ctx, &v);
}

static void g_pictures(mv_ctx *ctx) { /* pixels; the bytes of a PNG are deflate's affair */
    mv_volume v = {0}, p = {0};
    mv_render_opt opt = {0};
    int turn;
    head(ctx, &v, 40, 37, 21);
    for (turn = 0; turn < 4; turn++) {
        opt.radiological = turn & 1;
        opt.crosshair = turn >> 1;
        opt.nearest = turn == 2;
        opt.mm_per_pixel = turn * 1.3;
        CHECK_OK(mv_render_planes(ctx, &p, &v, &opt));
        sum_volume(&p);
        mv_volume_free(ctx, &p);
    }
    mv_volume_free(ctx, &v);
}

static void resample(mv_ctx *ctx, mv_interp interp) {
    static const double spacing[3] = {1.3, 3.1, 2.2},
                        turn[12] = {0.71, 0.33, -0.18, -0.6, -0.29, 0.83, 0.21, 0.9, 0.11, -0.17, 0.62, 0.4};
    static const size_t shape[3] = {40, 21, 30};
    mv_volume v = {0}, out = {0};
    mv_resample_opt o = {0};
    int border;
    head(ctx, &v, 37, 29, 18);
    o.interp = interp;
    for (border = 0; border <= MEDVOL_BORDER_WRAP; border++) {
        o.border = (mv_border)border;
        CHECK_OK(mv_resample_spacing(ctx, &out, &v, spacing, &o));
        sum_volume(&out);
        mv_volume_free(ctx, &out);
        CHECK_OK(mv_resample_affine(ctx, &out, &v, turn, shape, &o));
        sum_volume(&out);
        mv_volume_free(ctx, &out);
    }
    mv_volume_free(ctx, &v);
}
/* LANCZOS and antialias rest on sin and exp of the platform, so are left out */
static void g_resample(mv_ctx *ctx) {
    resample(ctx, MEDVOL_LINEAR);
    resample(ctx, MEDVOL_CUBIC);
    resample(ctx, MEDVOL_CUBIC_CONV);
}
static void g_nearest(mv_ctx *ctx) { resample(ctx, MEDVOL_NEAREST); }

static void g_filter(mv_ctx *ctx) {
    static const double sigma[3] = {1.7, 2.1, 1.3};
    static const size_t radius[3] = {9, 2, 3};
    mv_volume v = {0}, out = {0}, lv[3];
    mv_gaussian_opt g = {0};
    mv_box_opt b = {0};
    mv_pyramid_opt p = {0};
    int border;
    memset(lv, 0, sizeof lv);
    head(ctx, &v, 37, 29, 18);
    for (border = 0; border <= MEDVOL_BORDER_WRAP; border++) {
        g.border = b.border = (mv_border)border;
        b.clip = border == 0;
        CHECK_OK(mv_gaussian(ctx, &out, &v, sigma, &g));
        sum_volume(&out);
        mv_volume_free(ctx, &out);
        CHECK_OK(mv_box_mean(ctx, &out, &v, radius, &b));
        sum_volume(&out);
        mv_volume_free(ctx, &out);
    }
    p.least = 4;
    CHECK_OK(mv_pyramid(ctx, lv, 3, &v, &p));
    for (border = 0; border < 3; border++) {
        sum_volume(&lv[border]);
        mv_volume_free(ctx, &lv[border]);
    }
    mv_volume_free(ctx, &v);
}

/* a chain of every kind, by every interpolation; the field it makes */
static void g_warp(mv_ctx *ctx) {
    static const double turn[12] = {0.95, 0.1, -0.05, 2, -0.1, 1.02, 0.08, -1, 0.02, -0.1, 0.9, 1};
    static const size_t knots[5] = {6, 5, 4, 1, 3};
    mv_volume v = {0}, f = {0}, out = {0};
    mv_transform t[3];
    mv_warp_opt o = {0};
    size_t i;
    int k;
    head(ctx, &v, 37, 29, 18);
    CHECK_OK(mv_volume_alloc(ctx, &f, MEDVOL_F32, 5, knots));
    for (i = 0; i < 360; i++) ((float *)f.data)[i] = (float)((double)(t_bits() % 1024) / 256 - 2);
    for (i = 0; i < 12; i++) f.affine[i] = i % 5 == 0 ? 8 : 0.25 * (double)(i % 4);
    memset(t, 0, sizeof t);
    t[0].kind = MEDVOL_TRANSFORM_FIELD, t[1].kind = MEDVOL_TRANSFORM_AFFINE,
        t[2].kind = MEDVOL_TRANSFORM_BSPLINE;
    t[0].field = t[2].field = &f;
    memcpy(t[1].affine, turn, sizeof turn);
    for (k = 0; k < 10; k++) {
        o.interp = (mv_interp)(k % 5 % 4), o.labels = k % 5 == 4;
        o.border = k < 5 ? MEDVOL_BORDER_CONSTANT : MEDVOL_BORDER_EDGE;
        if (o.labels && v.dtype == MEDVOL_F32) continue;
        CHECK_OK(mv_warp(ctx, &out, &v, &v, t, 3, &o));
        sum_volume(&out);
        mv_volume_free(ctx, &out);
    }
    CHECK_OK(mv_transform_field(ctx, &out, &v, t, 3));
    sum_volume(&out);
    mv_volume_free(ctx, &out), mv_volume_free(ctx, &f), mv_volume_free(ctx, &v);
}
static void g_spatial(mv_ctx *ctx) {
    static const size_t before[3] = {3, 0, 9}, after[3] = {4, 7, 0}, shape[3] = {30, 11, 25},
                        start[3] = {4, 3, 2}, size[3] = {11, 12, 9};
    static const int order[3] = {2, 0, 1};
    static const char *const codes[] = {"RAS", "LPI", "SAR", "PIR"};
    mv_volume v, w;
    mv_pad_opt po;
    mv_crop_or_pad_opt co;
    mv_foreground_opt fo;
    int k;
    head(ctx, &v, 27, 22, 19);
#define ONTO(call) (memset(&w, 0, sizeof w), CHECK_OK(call), sum_volume(&w), mv_volume_free(ctx, &w))
    ONTO(mv_crop(ctx, &w, &v, start, size, NULL));
    memset(&po, 0, sizeof po);
    for (k = 0; k < 8; k++) {
        po.mode = (mv_pad_mode)k;
        ONTO(mv_pad(ctx, &w, &v, before, after, &po));
    }
    memset(&co, 0, sizeof co);
    for (k = 0; k < 4; k++) {
        co.rule = (mv_centre_rule)k;
        ONTO(mv_crop_or_pad(ctx, &w, &v, shape, &co));
    }
    memset(&fo, 0, sizeof fo);
    fo.above = 1, fo.threshold = 700.0;
    ONTO(mv_crop_foreground(ctx, &w, &v, &fo));
    for (k = 0; k < 8; k++) ONTO(mv_flip(ctx, &w, &v, (unsigned)k));
    ONTO(mv_permute(ctx, &w, &v, order));
    for (k = -1; k < 3; k++) ONTO(mv_rot90(ctx, &w, &v, k, 0, 2));
    for (k = 0; k < 4; k++) ONTO(mv_reorient(ctx, &w, &v, codes[k], NULL));
#undef ONTO
    mv_volume_free(ctx, &v);
}
/* the bytes themselves: files stay the same from one release to the next */
static void g_deflate(mv_ctx *ctx) {
    static unsigned char data[300000], out[310000];
    size_t i, made;
    int level;
    mv_gzip_opt o;
    for (i = 0; i < sizeof data; i++)
        data[i] = (unsigned char)(i % 3000 < 900 ? 0 : (i / 7) ^ (t_bits() & 7));
    for (level = 0; level <= 9; level++) {
        CHECK_OK(mv_deflate(ctx, out, sizeof out, data, level == 9 ? 30000 : sizeof data, level, &made));
        sum(out, made);
    }
    memset(&o, 0, sizeof o);
    o.member = 50000, o.align = 3000, o.head = 352;
    for (o.container = 1; o.container < 4; o.container++) {
        CHECK_OK(mv_gzip_pack(ctx, out, sizeof out, data, sizeof data, &o, &made));
        sum(out, made);
    }
}
static void g_files(mv_ctx *ctx) {
    mv_volume v;
    mv_save_opt o;
    mv_buffer b;
    int k;
    head(ctx, &v, 25, 21, 17);
    CHECK_OK(mv_nifti_ext_add(ctx, &v, 6, "golden", 6));
    for (k = 0; k < 6; k++) {
        memset(&o, 0, sizeof o);
        o.version = k % 2 + 1;
        o.gzip = k > 3;
        o.big_endian = k == 2;
        o.dtype = k % 3 == 1 ? MEDVOL_I16 : k % 3 == 2 ? MEDVOL_U8 : MEDVOL_NONE;
        CHECK_OK(mv_save_mem(ctx, &b, NULL, &v, &o));
        sum(b.data, b.bytes);
        mv_buffer_free(ctx, &b);
    }
    mv_volume_free(ctx, &v);
}

/* ---- matrices, coils and k-space. Left out is what rests on sin, cos and exp of the platform: Fourier
   transforms of more than 4 and all that takes them (partial Fourier, echo-planar readouts, unring, geometric
   compression, lowres, ESPIRiT, SENSE), non-uniform transforms but gridding, windows, spokes, spirals, turned
   bodies, coils of phantoms and their spectra ---- */
enum { WIDE = 64 };
static void noise(double *p, size_t n) {
    size_t i;
    for (i = 0; i < n; i++) p[i] = t_uniform(-1, 1);
}
static void noise_f32(float *p, size_t n) {
    size_t i;
    for (i = 0; i < n; i++) p[i] = (float)t_uniform(-1, 1);
}
static void g_products(mv_ctx *ctx) {
    enum { M = 37, N = 29, K = 300 };
    static double a[2 * M * K], b[2 * K * N], c[2 * M * N];
    static float fa[2 * M * K], fb[2 * K * N], fc[2 * M * N];
    mv_gemm_opt o;
    int k;
    for (k = 0; k < 3; k++) { /* plain; transposed; of B B^H the lower half */
        const size_t m = k == 2 ? N : M, lda = k == 1 ? K : M, ldb = k == 1 ? N : K;
        memset(&o, 0, sizeof o);
        noise(a, 2 * M * K), noise(b, 2 * K * N), noise(c, 2 * M * N);
        noise_f32(fa, 2 * M * K), noise_f32(fb, 2 * K * N), noise_f32(fc, 2 * M * N);
        if (k) o.op_a = o.op_b = MEDVOL_OP_ADJOINT, o.alpha[0] = 0.7, o.beta[0] = -1.3;
        if (k == 2) o.op_b = MEDVOL_OP_NONE, o.lower = 1;
        CHECK_OK(mv_gemm_f64(ctx, c, m, k == 2 ? b : a, k == 2 ? ldb : lda, b, ldb, m, N, K, &o));
        sum_doubles(c, 2 * M * N);
        CHECK_OK(mv_gemm_f32(ctx, fc, m, k == 2 ? fb : fa, k == 2 ? ldb : lda, fb, ldb, m, N, K, &o));
        sum_numbers(fc, 4, 2 * M * N);
        if (k) o.alpha[1] = 0.4, o.beta[1] = 0.2;
        CHECK_OK(mv_gemm_c128(ctx, c, m, k == 2 ? b : a, k == 2 ? ldb : lda, b, ldb, m, N, K, &o));
        sum_doubles(c, 2 * M * N);
        CHECK_OK(mv_gemm_c64(ctx, fc, m, k == 2 ? fb : fa, k == 2 ? ldb : lda, fb, ldb, m, N, K, &o));
        sum_numbers(fc, 4, 2 * M * N);
    }
}
static void g_cholesky(mv_ctx *ctx) {
    enum { N = 53, RIGHT = 7 };
    static double a[2 * N * N], b[2 * N * RIGHT];
    int cx;
    size_t i;
    for (cx = 0; cx < 2; cx++) {
        noise(a, 2 * N * N), noise(b, 2 * N * RIGHT);
        for (i = 0; i < N; i++) a[(cx ? 2 : 1) * i * (N + 1)] = 30;
        CHECK_OK(cx ? mv_chol_c128(ctx, a, N, N) : mv_chol_f64(ctx, a, N, N));
        CHECK_OK(cx ? mv_chol_solve_c128(ctx, b, N, a, N, N, RIGHT) :
                      mv_chol_solve_f64(ctx, b, N, a, N, N, RIGHT));
        sum_doubles(a, 2 * N * N), sum_doubles(b, 2 * N * RIGHT);
    }
}
static void g_ldlt(mv_ctx *ctx) {
    enum { N = 53, RIGHT = 3 };
    static double a[N * N], b[N * RIGHT];
    static int32_t pivot[N];
    noise(a, N * N), noise(b, N * RIGHT);
    CHECK_OK(mv_ldlt_f64(ctx, a, N, pivot, N));
    CHECK_OK(mv_ldlt_solve_f64(ctx, b, N, a, N, pivot, N, RIGHT));
    sum_doubles(b, N * RIGHT), sum_numbers(pivot, sizeof *pivot, N);
}
static void g_neighbours(mv_ctx *ctx) {
    enum { N = 2000, ASKED = 300, K = 5 };
    static double p[3 * N], d2[ASKED * K];
    static uint32_t index[ASKED * K];
    mv_kdtree t;
    noise(p, 3 * N);
    CHECK_OK(mv_kdtree_init(ctx, &t, p, p + N, p + 2 * N, N));
    CHECK_OK(mv_kdtree_nearest(ctx, &t, index, d2, p + 1, p, p + N, ASKED, K, NULL));
    sum_doubles(d2, ASKED * K), sum_numbers(index, sizeof *index, ASKED * K);
    mv_kdtree_free(ctx, &t);
}
static void g_cells(mv_ctx *ctx) {
    enum { N = 2000, ASKED = 300, K = 5 };
    static double p[3 * N], d2[ASKED * K];
    static uint32_t index[ASKED * K];
    mv_cells g;
    noise(p, 3 * N);
    CHECK_OK(mv_cells_init(ctx, &g, p, p + N, p + 2 * N, N, 0));
    CHECK_OK(mv_cells_nearest(ctx, &g, index, d2, p + 1, p, p + N, ASKED, K, NULL));
    sum_doubles(d2, ASKED * K), sum_numbers(index, sizeof *index, ASKED * K);
    mv_cells_free(ctx, &g);
}
static void g_diagonals(mv_ctx *ctx) {
    enum { M = 77, K = 61 };
    static double a[2 * M * K], b[2 * M * K], d[2 * M];
    static float fa[2 * M * K], fb[2 * M * K], fd[2 * M];
    mv_gemm_opt o;
    int k;
    for (k = 0; k < 4; k++) {
        memset(&o, 0, sizeof o);
        noise(a, 2 * M * K), noise(b, 2 * M * K), noise_f32(fa, 2 * M * K), noise_f32(fb, 2 * M * K);
        if (k & 1) o.op_a = MEDVOL_OP_ADJOINT;
        if (k & 2) o.op_b = MEDVOL_OP_TRANSPOSE, o.alpha[0] = 0.7;
        CHECK_OK(mv_gemm_diag_f64(ctx, d, a, k & 1 ? K : M, b, k & 2 ? M : K, M, K, &o));
        sum_doubles(d, M);
        CHECK_OK(mv_gemm_diag_f32(ctx, fd, fa, k & 1 ? K : M, fb, k & 2 ? M : K, M, K, &o));
        sum_numbers(fd, 4, M);
        CHECK_OK(mv_gemm_diag_c128(ctx, d, a, k & 1 ? K : M, b, k & 2 ? M : K, M, K, &o));
        sum_doubles(d, 2 * M);
        CHECK_OK(mv_gemm_diag_c64(ctx, fd, fa, k & 1 ? K : M, fb, k & 2 ? M : K, M, K, &o));
        sum_numbers(fd, 4, 2 * M);
    }
}
static void g_correlations(mv_ctx *ctx) { /* of neighbourhoods and lags */
    enum { X = 37, Y = 23, Z = 11, LAGS = 40 };
    static const size_t dim[3] = {X, Y, Z};
    static double r[Y * (2 * LAGS + 1)];
    mv_volume a, b, map;
    mv_ncc_map_opt o;
    memset(&map, 0, sizeof map);
    memset(&o, 0, sizeof o);
    CHECK_OK(mv_volume_alloc(ctx, &a, MEDVOL_F32, 3, dim));
    CHECK_OK(mv_volume_alloc(ctx, &b, MEDVOL_F32, 3, dim));
    noise_f32((float *)a.data, X * Y * Z), noise_f32((float *)b.data, X * Y * Z);
    CHECK_OK(mv_ncc_map(ctx, &map, &a, &b, NULL));
    sum_numbers(map.data, 4, X * Y * Z);
    o.radius[0] = 3, o.radius[1] = 1, o.mask = &a, o.squared = 1;
    CHECK_OK(mv_ncc_map(ctx, &map, &a, &b, &o));
    sum_numbers(map.data, 4, X * Y * Z);
    CHECK_OK(mv_pearson_lags_f32(ctx, r, (const float *)a.data, (const float *)b.data, Y, X, LAGS, 0));
    sum_doubles(r, Y * (2 * LAGS + 1));
    mv_volume_free(ctx, &a), mv_volume_free(ctx, &b), mv_volume_free(ctx, &map);
}
static void g_pairs(mv_ctx *ctx) { /* correlation, fits, chi-squared, angles */
    enum { X = 61, Y = 19, Z = 5, N = X * Y * Z };
    static const size_t dim[4] = {X, Y, Z, 3};
    static const mv_angle_range ranges[2] = {{-10, 25.5}, {350, 3}};
    static double angle[N];
    static float w[N];
    uint32_t index[N];
    mv_correlation c;
    mv_gain_offset g[Y];
    mv_chi2_sum q[Z];
    mv_chi2_opt o;
    mv_angle_opt turn = {360, 1};
    mv_volume a, b, map;
    size_t i, n;
    memset(&map, 0, sizeof map);
    memset(&o, 0, sizeof o);
    CHECK_OK(mv_volume_alloc(ctx, &a, MEDVOL_F32, 4, dim));
    CHECK_OK(mv_volume_alloc(ctx, &b, MEDVOL_F32, 4, dim));
    noise_f32((float *)a.data, 3 * N), noise_f32((float *)b.data, 3 * N), noise(angle, N);
    for (i = 0; i < N; i++) angle[i] *= 1000, w[i] = (float)fabs(angle[i]);
    CHECK_OK(mv_ncc(ctx, &c, &a, &b, NULL));
    sum_doubles(&c.r, 6);
    CHECK_OK(mv_pearson_f32(ctx, &c, (float *)a.data, (float *)b.data, w, N));
    sum_doubles(&c.r, 6);
    CHECK_OK(mv_fit_gain_offset_f32(ctx, g, (float *)a.data, Y, (float *)b.data, 1, w, X));
    for (i = 0; i < Y; i++) sum_doubles(&g[i].gain, 7);
    o.sigma = 0.3, o.split = 3, o.fitted = 2;
    CHECK_OK(mv_chi2(ctx, q, &a, &b, &o));
    for (i = 0; i < Z; i++) sum_doubles(&q[i].chi2, 3);
    o.split = 0;
    CHECK_OK(mv_chi2_map(ctx, &map, &a, &b, &o));
    sum_volume(&map);
    CHECK_OK(mv_angle_select(ctx, index, NULL, &n, angle, N, ranges, 2, &turn));
    sum_numbers(index, sizeof *index, n);
    mv_volume_free(ctx, &a), mv_volume_free(ctx, &b), mv_volume_free(ctx, &map);
}
static void g_lz4(mv_ctx *ctx) { /* the bytes of a block, of numbers that are like their neighbours */
    enum { N = 30000 };
    static unsigned char turned[2 * N], block[2 * N + 2 * N / 255 + 16];
    static uint16_t v[N];
    unsigned char at[2 * N];
    size_t i, made;
    for (i = 0; i < N; i++)
        v[i] = (uint16_t)(1000 + 300 * ((i / 40) % 7) + t_bits() % (i % 1000 < 500 ? 2 : 40));
    for (i = 0; i < N; i++) at[2 * i] = (unsigned char)v[i], at[2 * i + 1] = (unsigned char)(v[i] >> 8);
    CHECK_OK(mv_byte_shuffle(ctx, turned, at, sizeof at, 2));
    sum(turned, sizeof turned);
    CHECK_OK(mv_lz4_compress(ctx, block, sizeof block, turned, sizeof turned, &made));
    sum(block, made);
    CHECK_OK(mv_lz4_compress(ctx, block, sizeof block, at, sizeof at, &made));
    sum(block, made);
}
static void g_eigenvalues(mv_ctx *ctx) {
    static const size_t sizes[] = {1, 2, 5, 20, WIDE};
    static double a[2 * WIDE * WIDE], v[2 * WIDE * WIDE], w[WIDE];
    size_t k;
    for (k = 0; k < 5; k++) {
        const size_t n = sizes[k];
        noise(a, 2 * n * n);
        CHECK_OK(mv_eigh_f64(ctx, w, v, n, a, n, n));
        sum_doubles(w, n), sum_doubles(v, n * n);
        CHECK_OK(mv_eigh_f64(ctx, w, NULL, 0, a, n, n));
        sum_doubles(w, n);
        CHECK_OK(mv_eigh_c128(ctx, w, v, n, a, n, n));
        sum_doubles(w, n), sum_doubles(v, 2 * n * n);
    }
}
static void g_singular(mv_ctx *ctx) {
    static const size_t sizes[][2] = {{1, 1}, {6, 6}, {33, 20}, {20, 33}, {70, WIDE}};
    static double a[2 * 70 * WIDE], u[2 * 70 * WIDE], v[2 * 70 * WIDE], s[WIDE];
    size_t k;
    for (k = 0; k < 5; k++) {
        const size_t m = sizes[k][0], n = sizes[k][1], r = m < n ? m : n;
        noise(a, 2 * m * n);
        CHECK_OK(mv_svd_f64(ctx, u, m, s, v, n, a, m, m, n));
        sum_doubles(s, r), sum_doubles(u, m * r), sum_doubles(v, n * r);
        CHECK_OK(mv_svd_c128(ctx, u, m, s, v, n, a, m, m, n));
        sum_doubles(s, r), sum_doubles(u, 2 * m * r), sum_doubles(v, 2 * n * r);
    }
}
#define ONTO(call) (memset(&w, 0, sizeof w), CHECK_OK(call), sum_volume(&w), mv_volume_free(ctx, &w))
static void pairs(mv_ctx *ctx, mv_volume *v, size_t nx, size_t ny, size_t nz, size_t coils) {
    size_t dim[4];
    dim[0] = nx, dim[1] = ny, dim[2] = nz, dim[3] = coils;
    if (mv_volume_alloc(ctx, v, MEDVOL_C64, 4, dim) < 0) abort();
    noise_f32((float *)v->data, 2 * mv_volume_count(v));
}
/* the lengths whose roots of unity are 0, 1 and -1, and kernels too small for transforms */
static void g_short(mv_ctx *ctx) {
    static const size_t taps[3] = {3, 2, 3};
    mv_volume v = {0}, h = {0}, k = {0}, w;
    mv_fft_opt o = {0};
    unsigned turn;
    pairs(ctx, &v, 4, 2, 4, 5);
    for (turn = 0; turn < 4; turn++) {
        o.flags = (turn & 1 ? MEDVOL_FFT_INVERSE | MEDVOL_FFT_UNITARY : 0u) |
            (turn & 2 ? MEDVOL_FFT_CENTERED : 0u);
        ONTO(mv_fft(ctx, &w, &v, &o));
    }
    mv_volume_free(ctx, &v);
    head(ctx, &h, 31, 18, 9);
    if (mv_volume_alloc(ctx, &k, MEDVOL_F32, 3, taps) < 0) abort();
    noise_f32((float *)k.data, mv_volume_count(&k));
    ONTO(mv_convolve(ctx, &w, &h, &k, NULL));
    ONTO(mv_correlate(ctx, &w, &h, &k, NULL));
    mv_volume_free(ctx, &k);
    mv_volume_free(ctx, &h);
}
static void g_masks(mv_ctx *ctx) {
    static const size_t shape[3] = {1, 61, 44}, line[3] = {3, 64, 1}, other[3] = {50, 15, 20};
    mv_volume w, v = {0};
    mv_mask_uniform_opt u = {{2, 3}, {9, 8}, 1, {1, 2}};
    mv_mask_poisson_opt p = {0};
    mv_mask_golden_opt g = {0};
    ONTO(mv_mask_uniform(ctx, &w, shape, &u));
    ONTO(mv_mask_poisson(ctx, &w, shape, NULL));
    p.accel = 3, p.edge = 2, p.calib[0] = 8, p.calib[1] = 6, p.ellipse = 1, p.seed = 7;
    ONTO(mv_mask_poisson(ctx, &w, shape, &p));
    ONTO(mv_mask_golden(ctx, &w, line, NULL));
    g.frames = 3, g.shots = 100, g.density = 0.5, g.order = 1;
    ONTO(mv_mask_golden(ctx, &w, shape, &g));
    pairs(ctx, &v, 41, 22, 9, 3);
    ONTO(mv_kspace_resize(ctx, &w, &v, other));
    mv_volume_free(ctx, &v);
}
static void g_phantom(mv_ctx *ctx) { /* bodies that are not turned, one coil */
    static const mv_ellipse bodies[3] = {
        {{0.1, -0.05, 0.02}, {0.7, 0.8, 0.6}, {0, 0, 0}, 1},
        {{-0.2, 0.1, 0}, {0.3, 0.4, 0.21}, {0, 0, 0}, -0.4},
        {{0.33, -0.3, 0.1}, {0.11, 0.07, 0.3}, {0, 0, 0}, 0.17},
    };
    static const size_t shape[3] = {67, 50, 1}, volume[3] = {30, 31, 20};
    mv_volume w;
    mv_phantom_opt o = {0};
    o.shapes = bodies, o.count = 3;
    ONTO(mv_phantom_image(ctx, &w, shape, &o));
    ONTO(mv_phantom_image(ctx, &w, volume, &o));
}
static void g_trajectories(mv_ctx *ctx) { /* what takes no sine: units, choice, bins, cells */
    static const size_t shape[3] = {64, 60, 31};
    static const uint32_t index[4] = {7, 0, 3, 3}, bin[11] = {1, 0, 1, 2, 0, 1, 2, 2, 2, MEDVOL_NO_BIN, 0};
    static double signal[200];
    static uint32_t of[200];
    size_t dim[3] = {3, 40, 11};
    mv_volume t, w;
    mv_voronoi_opt v = {0};
    mv_gate_opt g = {0};
    mv_epi_opt e = {0};
    CHECK_OK(mv_volume_alloc(ctx, (memset(&t, 0, sizeof t), &t), MEDVOL_F64, 3, dim));
    noise((double *)t.data, 3 * 40 * 11);
    ONTO(mv_traj_convert(ctx, &w, &t, MEDVOL_TRAJ_CYCLES, MEDVOL_TRAJ_PIXEL, shape, NULL));
    ONTO(mv_traj_select(ctx, &w, &t, index, 4));
    ONTO(mv_traj_bin(ctx, &w, &t, bin, 3, 0));
    ONTO(mv_dcf_cells(ctx, &w, &t, 0.13));
    for (dim[0] = 0; dim[0] < 440; dim[0]++) ((double *)t.data)[3 * dim[0] + 2] = 0;
    v.bound = MEDVOL_BOUND_BOX;
    ONTO(mv_dcf_voronoi(ctx, &w, &t, &v));
    v.bound = MEDVOL_BOUND_HULL;
    ONTO(mv_dcf_voronoi(ctx, &w, &t, &v));
    mv_volume_free(ctx, &t);
    e.samples = 30, e.lines = 9, e.up = 3, e.flat = 20, e.down = 5, e.delay = 1, e.dwell = 0.8;
    ONTO(mv_traj_epi(ctx, &w, &e));
    noise(signal, 200);
    for (g.kind = 0; g.kind < 4; g.kind++) {
        g.period = 0.3, g.apart = 3;
        CHECK_OK(mv_gate_bins(ctx, of, NULL, signal, 200, &g));
        sum_numbers(of, sizeof *of, 200);
    }
}
static void g_coils(mv_ctx *ctx) {
    enum { COILS = 5 };
    static double m[2 * COILS * COILS], energy[COILS];
    mv_volume v = {0}, maps = {0}, image = {0}, w;
    mv_coil_rss_opt r = {0};
    mv_coil_combine_opt o = {0};
    pairs(ctx, &v, 33, 21, 4, COILS);
    pairs(ctx, &maps, 33, 21, 4, COILS);
    r.noise = 0.3;
    ONTO(mv_coil_rss(ctx, &w, &v, NULL));
    ONTO(mv_coil_rss(ctx, &w, &v, &r));
    for (o.normalize = 0; o.normalize < 2; o.normalize++) {
        ONTO(mv_coil_combine(ctx, &w, &v, &maps, &o));
        CHECK_OK(mv_coil_combine(ctx, &image, &v, &maps, &o));
        ONTO(mv_coil_expand(ctx, &w, &image, &maps, &o));
        mv_volume_free(ctx, &image);
    }
    CHECK_OK(mv_coil_noise(ctx, m, &maps));
    sum_doubles(m, 2 * COILS * COILS);
    ONTO(mv_coil_whiten(ctx, &w, &v, m));
    ONTO(mv_coil_apply(ctx, &w, &v, m, 3));
    CHECK_OK(mv_coil_compress_matrix(ctx, m, energy, 3, &v, NULL));
    sum_doubles(m, 2 * 3 * COILS), sum_doubles(energy, COILS);
    ONTO(mv_coil_compress(ctx, &w, &v, 3, NULL));
    ONTO(mv_coil_walsh(ctx, &w, &v, NULL));
    ONTO(mv_coil_inati(ctx, &w, &v, NULL));
    mv_volume_free(ctx, &maps);
    mv_volume_free(ctx, &v);
}
static void g_gridding(mv_ctx *ctx) { /* linear, then nearest; there and back */
    enum { M = 90 };
    static const size_t n[3] = {9, 8, 5};
    static const size_t kd[2] = {3, M}, xd[4] = {9, 8, 5, 2}, yd[4] = {1, M, 1, 2};
    static double k[3 * M];
    static float x[2 * 9 * 8 * 5 * 2], y[2 * M * 2];
    mv_volume vk, vx, vy, w;
    mv_grid_opt o;
    size_t i;
    noise(k, 3 * M), noise_f32(x, sizeof x / sizeof *x), noise_f32(y, sizeof y / sizeof *y);
    for (i = 0; i < 3 * M; i++) k[i] *= 0.5 * (double)n[i % 3];
    CHECK_OK(mv_volume_wrap(T_NONE, &vk, k, MEDVOL_F64, 2, kd, NULL));
    CHECK_OK(mv_volume_wrap(T_NONE, &vx, x, MEDVOL_C64, 4, xd, NULL));
    CHECK_OK(mv_volume_wrap(T_NONE, &vy, y, MEDVOL_C64, 4, yd, NULL));
    for (o.method = 0; o.method < 2; o.method++) {
        ONTO(mv_grid_forward(ctx, &w, &vx, &vk, &o));
        ONTO(mv_grid_adjoint(ctx, &w, &vy, &vk, NULL, n, &o));
    }
}
static void g_grappa(mv_ctx *ctx) {
    static const size_t plane[3] = {1, 40, 1}, block[3] = {1, 26, 20};
    mv_volume v = {0}, mask = {0}, w;
    mv_mask_uniform_opt u = {{2, 1}, {16, 0}, 0, {0, 0}};
    mv_grappa_opt o = {0};
    o.lambda = 0.01;
    pairs(ctx, &v, 37, 40, 1, 4);
    CHECK_OK(mv_mask_uniform(ctx, &mask, plane, &u));
    ONTO(mv_grappa_recon(ctx, &w, &v, NULL, &mask, &o));
    mv_volume_free(ctx, &mask);
    mv_volume_free(ctx, &v);
    pairs(ctx, &v, 15, 26, 20, 3);
    u.accel[1] = 2, u.shift = 1, u.calib[0] = u.calib[1] = 14;
    CHECK_OK(mv_mask_uniform(ctx, &mask, block, &u));
    ONTO(mv_grappa_recon(ctx, &w, &v, NULL, &mask, &o));
    mv_volume_free(ctx, &mask);
    mv_volume_free(ctx, &v);
}
static void g_terms(mv_ctx *ctx) { /* wavelets and the prox of terms */
    mv_volume v = {0}, w;
    mv_wavelet_opt o = {0};
    mv_reg r = {0};
    int k;
    pairs(ctx, &v, 37, 22, 3, 4);
    for (k = 0; k < 3; k++) {
        o.wavelet = k, o.shift[0] = 5, o.shift[1] = (size_t)k;
        ONTO(mv_wavelet_forward(ctx, &w, &v, &o));
        ONTO(mv_wavelet_inverse(ctx, &w, &v, &o));
    }
    r.lambda = 0.3, r.block = 4;
    for (k = 0; k < 5; k++) {
        r.kind = k, r.joint = k == 2 ? 8 : 0, r.axes = k == 3 ? 9 : 0;
        ONTO(mv_prox(ctx, &w, &v, &r, 0.7));
    }
    mv_volume_free(ctx, &v);
}
static void g_transport(mv_ctx *ctx) {
    static const size_t dim[3] = {24, 1, 16};
    static const double mm[3] = {1.1, 1, 0.9};
    static float psi[5 * 9 * 6 * 17];
    mv_stopping water;
    mv_volume ct = {0}, w;
    mv_beam b = {0};
    mv_transport_opt o = {0};
    mv_transport_grid g;
    mv_transport_step_opt so = {0};
    double energy[5], dose[6 * 17];
    size_t i;
    CHECK_OK(mv_stopping_init(ctx, &water, NULL));
    if (mv_volume_alloc(ctx, &ct, MEDVOL_F32, 3, dim) < 0) abort();
    mv_affine_from_spacing(ct.affine, mm, NULL);
    for (i = 0; i < 24 * 16; i++) ((float *)ct.data)[i] = (float)t_uniform(-300, 900);
    b.energy = 35, b.spread = 0.4, b.size = 2, b.x = 0.3, b.angle = 0.02, b.weight = 3;
    o.nx = 24, o.angles = 31, o.dangle = 0.03, o.nuclear = 0.012, o.most_leak = 1;
    ONTO(mv_transport_march(ctx, &w, NULL, NULL, &b, 1, &water, &o));
    ONTO(mv_transport_march(ctx, &w, NULL, &ct, &b, 1, &water, &o));
    mv_volume_free(ctx, &ct);
    memset(&g, 0, sizeof g);
    CHECK_OK(mv_transport_energies(ctx, energy, 5, 5, 40, 2, &water));
    g.nx = 17, g.nz = 6, g.angles = 9, g.energies = 5, g.dx = 1.5, g.dz = 2, g.dangle = 0.15, g.angle = -0.6;
    g.energy = energy, g.cutoff = 6, so.strang = 1;
    for (i = 0; i < sizeof psi / sizeof *psi; i++) psi[i] = (float)t_uniform(0, 1);
    for (i = 0; i < 6 * 17; i++) dose[i] = 0;
    CHECK_OK(mv_transport_step(ctx, psi, dose, NULL, &g, &water, 1.3, &so));
    sum_numbers(psi, 4, sizeof psi / sizeof *psi);
    for (i = 0; i < 6 * 17; i++) psi[i] = (float)dose[i];
    sum_numbers(psi, 4, 6 * 17);
}
#undef ONTO

enum { EXACT = 1 };
static const struct {
    const char *name;
    void (*run)(mv_ctx *ctx);
    int flags;
} rows[] = {
    {"convert", g_convert, EXACT},
    {"points", g_points, EXACT},
    {"affine", g_affine, EXACT},
    {"copy", g_copy, EXACT},
    {"statistics", g_statistics, EXACT},
    {"intensity", g_intensity, EXACT},
    {"pictures", g_pictures, EXACT},
    {"resample", g_resample, 0},
    {"nearest", g_nearest, EXACT},
    {"spatial", g_spatial, EXACT},
    {"deflate", g_deflate, EXACT},
    {"files", g_files, EXACT},
    {"products", g_products, 0},
    {"cholesky", g_cholesky, 0},
    {"eigenvalues", g_eigenvalues, 0},
    {"singular", g_singular, 0},
    {"short", g_short, 0},
    {"masks", g_masks, EXACT},
    {"phantom", g_phantom, EXACT},
    {"coils", g_coils, 0},
    {"grappa", g_grappa, 0},
    {"filter", g_filter, 0},
    {"warp", g_warp, 0},
    {"ldlt", g_ldlt, 0},
    {"neighbours", g_neighbours, EXACT},
    {"diagonals", g_diagonals, 0},
    {"correlations", g_correlations, EXACT},
    {"cells", g_cells, EXACT},
    {"pairs", g_pairs, EXACT},
    {"lz4", g_lz4, EXACT},
    {"transport", g_transport, 0},
    {"trajectories", g_trajectories, EXACT},
    {"gridding", g_gridding, 0},
    {"terms", g_terms, 0},
};
enum { ROWS = sizeof rows / sizeof *rows };

static uint32_t checksum(size_t r, mv_ctx *ctx) {
    t_seed(r + 11);
    crc = 0;
    rows[r].run(ctx);
    return crc;
}
/* golden.txt: "numerics N", then lines "name checksum" */
static int in_file(const char *name, unsigned long *value) {
    FILE *f = fopen(t_source("tests/golden.txt"), "r");
    char word[64];
    unsigned long v;
    int found = 0;
    while (f && !found && fscanf(f, "%63s %lx", word, &v) == 2)
        if (!strcmp(word, name)) found = 1, *value = v;
    if (f) fclose(f);
    return found;
}
static void write_file(const uint32_t *now) {
    const char *mode = getenv("GOLDEN");
    unsigned long numerics = 0, old;
    size_t r, moved = 0;
    FILE *f;
    in_file("numerics", &numerics);
    for (r = 0; r < ROWS; r++) moved += in_file(rows[r].name, &old) && old != now[r];
    if (moved && numerics == MEDVOL_NUMERICS && strcmp(mode, "force") != 0) {
        fprintf(stderr, "golden.txt stays: %zu results moved, raise MEDVOL_NUMERICS first\n", moved);
        CHECK(!moved);
        return;
    }
    f = fopen(t_source("tests/golden.txt"), "w");
    if (!CHECK(f != NULL)) return;
    fprintf(f, "numerics %x\n", MEDVOL_NUMERICS);
    for (r = 0; r < ROWS; r++) fprintf(f, "%s %08lx\n", rows[r].name, (unsigned long)now[r]);
    fclose(f);
}
static void test_golden(void) {
    uint32_t now[ROWS];
    unsigned long old, numerics = 0;
    size_t r;
    int best = t_level;
    mv_level_force(1);
    for (r = 0; r < ROWS; r++) now[r] = checksum(r, T);
    mv_level_force(best);
    if (getenv("GOLDEN")) { write_file(now); return; }
    CHECK(in_file("numerics", &numerics));
    if (!CHECK(numerics == MEDVOL_NUMERICS)) fprintf(stderr, "  MEDVOL_NUMERICS was raised: make golden\n");
    for (r = 0; r < ROWS; r++) {
        int known = in_file(rows[r].name, &old);
        if (!CHECK(known && old == now[r]))
            fprintf(stderr,
                "  %s: %08lx, golden.txt %s %08lx. Raise MEDVOL_NUMERICS and make golden if that is meant\n",
                rows[r].name, (unsigned long)now[r], known ? "has" : "has none", known ? old : 0);
    }
}
static void test_same_bits(void) {
    size_t r;
    for (r = 0; r < ROWS; r++) {
        uint32_t threads = checksum(r, T), one = checksum(r, T_NONE), scalar;
        if (!CHECK(threads == one)) fprintf(stderr, "  %s depends on the number of threads\n", rows[r].name);
        mv_level_force(1);
        scalar = checksum(r, T_NONE);
        mv_level_force(t_level);
        if ((rows[r].flags & EXACT) && !CHECK(one == scalar))
            fprintf(stderr, "  %s differs between levels\n", rows[r].name);
    }
}

const t_case tests_golden[] = {
    {"file", test_golden, T_ONCE},
    {"same_bits", test_same_bits, 0},
    {NULL, NULL, 0},
};
