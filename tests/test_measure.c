/* test_measure.c - measures of images, labels, surfaces and fields against their definitions, summed one
   voxel after the other in double, closed forms, and numbers of scikit-image 0.26.0, numpy 2.4.6, scipy
   1.17.1, MONAI 1.6.1 and SimpleITK 2.5.7. */
#include "test.h"

static const double oblique[12] = {0.8, -0.9, 0.6, 5, 0.96, 1.2, 0.0, -7, -0.48, 0.0, 0.8, 9};
/* axes at right angles, 1.3, 0.7 and 2.1 mm apart, turned about none of the three */
static void turned(double *m) {
    static const double u[3] = {0.36, 0.48, 0.8}, s[3] = {1.3, 0.7, 2.1};
    const double c = cos(0.5), q = sin(0.5);
    int r, k;
    for (r = 0; r < 3; r++)
        for (k = 0; k < 3; k++) m[4 * r + k] = u[r] * u[k] * (1 - c) + (r == k ? c : 0);
    m[1] -= q * u[2], m[2] += q * u[1], m[4] += q * u[2];
    m[6] -= q * u[0], m[8] -= q * u[1], m[9] += q * u[0];
    for (r = 0; r < 3; r++) {
        for (k = 0; k < 3; k++) m[4 * r + k] *= s[k];
        m[4 * r + 3] = 10.0 * r - 5;
    }
}
static void make(mv_volume *v, mv_dtype t, size_t nx, size_t ny, size_t nz, size_t nt) {
    size_t dim[4];
    dim[0] = nx, dim[1] = ny, dim[2] = nz, dim[3] = nt;
    if (mv_volume_alloc(T, v, t, 4, dim) < 0) abort();
    memset(v->data, 0, mv_volume_count(v) * mv_dtype_size(t));
}
static void set(mv_volume *v, size_t i, double x) { /* of a contiguous volume, saturated */
    if (mv_convert_array(T, (char *)v->data + i * mv_dtype_size(v->dtype), v->dtype, &x, MEDVOL_F64, 1, 1,
            0) < 0)
        abort();
}
static size_t offset(const mv_volume *v, size_t i) { /* of voxel i in x-fastest order */
    size_t at = 0;
    int d;
    for (d = 0; d < v->ndim; d++) {
        at += i % v->dim[d] * (size_t)v->stride[d];
        i /= v->dim[d];
    }
    return at;
}
static double value(const mv_volume *v, size_t i) {
    double x = t_value(v->data, v->dtype, offset(v, i));
    return v->slope != 0 && !(v->slope == 1 && v->inter == 0) ? x * v->slope + v->inter : x;
}
/* the same voxels, with gaps between rows, planes and volumes */
static void gaps(mv_volume *to, mv_volume *whole, const mv_volume *v) {
    size_t dim[4], start[4] = {3, 1, 2, 0}, i;
    const size_t z = mv_dtype_size(v->dtype);
    int d;
    for (d = 0; d < 4; d++) dim[d] = v->dim[d] + 4;
    if (mv_volume_alloc(T, whole, v->dtype, 4, dim) < 0) abort();
    memset(whole->data, 255, mv_volume_count(whole) * z); /* NaN, if anyone looks */
    if (mv_volume_view(T, to, whole, start, v->dim) < 0) abort();
    for (i = 0; i < mv_volume_count(v); i++)
        memcpy((char *)to->data + offset(to, i) * z, (const char *)v->data + i * z, z);
    memcpy(to->affine, v->affine, sizeof to->affine);
    to->slope = v->slope, to->inter = v->inter;
}

/* ---- images ---- */
typedef struct cut { /* what the oracle knows */
    size_t n[4], count;
    uint64_t skipped;
    double *a, *b;
    int *keep; /* 1 counts, 0 not in the mask, -1 not finite */
} cut;
static void cut_make(cut *c, const mv_volume *a, const mv_volume *b, const mv_volume *mask) {
    size_t i, n = mv_volume_count(a);
    int d;
    for (d = 0; d < 4; d++) c->n[d] = a->dim[d];
    c->count = n;
    c->skipped = 0;
    c->a = (double *)malloc(n * sizeof *c->a);
    c->b = (double *)malloc(n * sizeof *c->b);
    c->keep = (int *)malloc(n * sizeof *c->keep);
    if (!c->a || !c->b || !c->keep) abort();
    for (i = 0; i < n; i++) {
        size_t k = i, m = 0, run = 1;
        c->a[i] = value(a, i), c->b[i] = value(b, i);
        for (d = 0; mask && d < 4; d++) { /* a mask of 1 holds along its axis */
            m += mask->dim[d] > 1 ? k % c->n[d] * run : 0;
            run *= mask->dim[d];
            k /= c->n[d];
        }
        c->keep[i] = !mask || value(mask, m) > 0;
        if (isfinite(c->a[i]) && isfinite(c->b[i])) continue;
        c->skipped += c->keep[i] == 1;
        c->keep[i] = -1;
    }
}
static void cut_free(cut *c) { free(c->a), free(c->b), free(c->keep); }
static double cut_lncc(const cut *c, ptrdiff_t r, const double *var) {
    double sum = 0, terms = 0;
    size_t i, f, frame = c->n[0] * c->n[1] * c->n[2];
    for (i = 0; i < c->count; i++) {
        ptrdiff_t x = (ptrdiff_t)(i % c->n[0]), y = (ptrdiff_t)(i / c->n[0] % c->n[1]),
                  z = (ptrdiff_t)(i / c->n[0] / c->n[1] % c->n[2]), p, q, s;
        double ma = 0, mb = 0, n = 0, aa = 0, bb = 0, ab = 0;
        int turn;
        if (c->keep[i] < 1) continue;
        terms++;
        f = i / frame * frame;
        for (turn = 0; turn < 2; turn++) {
            for (s = z - r; s <= z + r; s++)
                for (q = y - r; q <= y + r; q++)
                    for (p = x - r; p <= x + r; p++) {
                        size_t j = f + ((size_t)s * c->n[1] + (size_t)q) * c->n[0] + (size_t)p;
                        if (p < 0 || q < 0 || s < 0 || p >= (ptrdiff_t)c->n[0] || q >= (ptrdiff_t)c->n[1] ||
                            s >= (ptrdiff_t)c->n[2] || c->keep[j] < 1)
                            continue;
                        if (turn == 0) ma += c->a[j], mb += c->b[j], n++;
                        else {
                            aa += (c->a[j] - ma) * (c->a[j] - ma);
                            bb += (c->b[j] - mb) * (c->b[j] - mb);
                            ab += (c->a[j] - ma) * (c->b[j] - mb);
                        }
                    }
            if (turn == 0) ma /= n, mb /= n;
        }
        if (aa / n > 1e-10 * var[0] && bb / n > 1e-10 * var[1]) sum += ab * ab / (aa * bb);
    }
    return sum / terms;
}
static double cut_ssim(const cut *c, double peak, uint64_t *count) {
    double g[11], total = 0, sum = 0;
    const double c1 = 1e-4 * peak * peak, c2 = 9e-4 * peak * peak;
    size_t i, frame = c->n[0] * c->n[1] * c->n[2];
    int k, d;
    for (k = 0; k < 11; k++) total += g[k] = exp(-(k - 5) * (k - 5) / 4.5);
    for (*count = 0, i = 0; i < c->count; i++) {
        size_t at[3], rest = i % frame;
        ptrdiff_t lo[3], p, q, s;
        double m[5] = {0, 0, 0, 0, 0}, va, vb, ab;
        int whole = c->keep[i] == 1;
        for (d = 0; d < 3; d++) {
            at[d] = rest % c->n[d];
            rest /= c->n[d];
            lo[d] = c->n[d] > 1 ? 5 : 0;
            if (c->n[d] > 1) whole = whole && at[d] >= 5 && at[d] + 5 < c->n[d];
        }
        if (!whole) continue;
        for (s = -lo[2]; s <= lo[2]; s++)
            for (q = -lo[1]; q <= lo[1]; q++)
                for (p = -lo[0]; p <= lo[0]; p++) {
                    const double w = (lo[0] ? g[p + 5] / total : 1) * (lo[1] ? g[q + 5] / total : 1) *
                        (lo[2] ? g[s + 5] / total : 1);
                    const size_t j = (size_t)((ptrdiff_t)i + p + (ptrdiff_t)c->n[0] *
                                              (q + (ptrdiff_t)c->n[1] * s));
                    whole = whole && c->keep[j] >= 0;
                    m[0] += w * c->a[j], m[1] += w * c->b[j], m[2] += w * c->a[j] * c->a[j];
                    m[3] += w * c->b[j] * c->b[j], m[4] += w * c->a[j] * c->b[j];
                }
        if (!whole) continue;
        va = m[2] - m[0] * m[0], vb = m[3] - m[1] * m[1], ab = m[4] - m[0] * m[1];
        sum += (2 * m[0] * m[1] + c1) * (2 * ab + c2) / ((m[0] * m[0] + m[1] * m[1] + c1) * (va + vb + c2));
        ++*count;
    }
    return sum / (double)*count;
}
static void cut_mi(const cut *c, size_t bins, const double *lo, const double *hi, double *h) {
    double *t = (double *)calloc(bins * bins + 2 * bins, sizeof *t), n = 0;
    size_t i, k;
    if (!t) abort();
    for (i = 0; i < c->count; i++) {
        size_t at[2];
        if (c->keep[i] < 1) continue;
        for (k = 0; k < 2; k++) {
            double u = hi[k] > lo[k] ? ((k ? c->b : c->a)[i] - lo[k]) / (hi[k] - lo[k]) * (double)bins : 0;
            at[k] = u < 0 ? 0 : u >= (double)bins ? bins - 1 : (size_t)(u + 1e-9);
        }
        t[at[1] * bins + at[0]]++, t[bins * bins + at[0]]++, t[bins * bins + bins + at[1]]++;
        n++;
    }
    memset(h, 0, 3 * sizeof *h);
    for (i = 0; i < bins * bins + 2 * bins; i++)
        if (t[i] > 0)
            h[i < bins * bins ? 2 : i < bins * bins + bins ? 0 : 1] -= t[i] / n * log(t[i] / n);
    free(t);
}
static void against_oracle(const mv_volume *a, const mv_volume *b, const mv_volume *mask, size_t radius,
                           size_t bins, int ssim, double tol) {
    mv_image_metrics m;
    mv_metric_opt o;
    cut c;
    double n = 0, sum[2] = {0, 0}, var[2] = {0, 0}, both = 0, sq = 0, dev = 0, lo[2], hi[2], h[3];
    uint64_t inner;
    size_t i;
    int k;
    memset(&o, 0, sizeof o);
    o.what = MEDVOL_METRIC_ALL & (ssim ? ~0u : ~(unsigned)MEDVOL_METRIC_SSIM);
    o.mask = mask, o.radius = radius, o.bins = bins;
    if (!CHECK_OK(mv_metric_image(T, &m, a, b, &o))) return;
    cut_make(&c, a, b, mask);
    lo[0] = lo[1] = HUGE_VAL, hi[0] = hi[1] = -HUGE_VAL;
    for (i = 0; i < c.count; i++) {
        const double d = c.a[i] - c.b[i];
        if (c.keep[i] != 1) continue;
        n++, sum[0] += c.a[i], sum[1] += c.b[i], sq += d * d, dev += fabs(d);
        lo[0] = fmin(lo[0], c.a[i]), hi[0] = fmax(hi[0], c.a[i]);
        lo[1] = fmin(lo[1], c.b[i]), hi[1] = fmax(hi[1], c.b[i]);
    }
    for (i = 0; i < c.count; i++)
        if (c.keep[i] == 1) {
            var[0] += pow(c.a[i] - sum[0] / n, 2), var[1] += pow(c.b[i] - sum[1] / n, 2);
            both += (c.a[i] - sum[0] / n) * (c.b[i] - sum[1] / n);
        }
    for (k = 0; k < 2; k++) var[k] /= n;
    CHECK(m.count == (uint64_t)n && m.skipped == c.skipped);
    CHECK_NEAR(m.mse, sq / n, 1e-12 * sq / n);
    CHECK_NEAR(m.mae, dev / n, 1e-12 * dev / n);
    CHECK_NEAR(m.psnr, 10 * log10((hi[0] - lo[0]) * (hi[0] - lo[0]) / (sq / n)), 1e-9);
    CHECK_NEAR(m.ncc, both / n / sqrt(var[0] * var[1]), 1e-10);
    CHECK_NEAR(m.lncc, cut_lncc(&c, (ptrdiff_t)(radius ? radius : 2), var), tol);
    cut_mi(&c, bins ? bins : 64, lo, hi, h);
    CHECK_NEAR(m.entropy_a, h[0], 1e-12);
    CHECK_NEAR(m.entropy_b, h[1], 1e-12);
    CHECK_NEAR(m.entropy_joint, h[2], 1e-12);
    CHECK_NEAR(m.mi, h[0] + h[1] - h[2], 1e-11);
    CHECK_NEAR(m.nmi, (h[0] + h[1]) / h[2], 1e-11);
    if (!ssim) CHECK(m.ssim != m.ssim);
    else {
        CHECK_NEAR(m.ssim, cut_ssim(&c, hi[0] - lo[0], &inner), tol);
        CHECK(m.ssim_count == inner);
    }
    cut_free(&c);
}
static void images(mv_volume *a, mv_volume *b, mv_dtype ta, mv_dtype tb, const size_t *n) {
    size_t i;
    make(a, ta, n[0], n[1], n[2], n[3]);
    make(b, tb, n[0], n[1], n[2], n[3]);
    memcpy(a->affine, oblique, sizeof oblique);
    memcpy(b->affine, oblique, sizeof oblique);
    for (i = 0; i < mv_volume_count(a); i++) {
        const double x = (double)(i % n[0]), y = (double)(i / n[0] % n[1]), z = (double)(i / n[0] / n[1]);
        const double f = 60 + 20 * sin(0.7 * x) + 15 * cos(0.5 * y + 0.3 * z);
        set(a, i, f + 8 * t_uniform(-1, 1));
        set(b, i, 110 - 0.8 * f + 9 * t_uniform(-1, 1));
    }
}
static void test_image_types(void) {
    static const size_t n[4] = {13, 9, 7, 2};
    mv_volume a, b, ga, gb, wa, wb;
    size_t i;
    t_seed(1);
    for (i = 0; i < 12; i++) {
        images(&a, &b, t_real_types[i], t_real_types[(5 * i + 3) % 12], n);
        against_oracle(&a, &b, NULL, 1, 16, 0, 1e-7);
        a.slope = 0.5, a.inter = -3, b.slope = -2, b.inter = 1;
        against_oracle(&a, &b, NULL, 2, 0, 0, 1e-7);
        gaps(&ga, &wa, &a);
        gaps(&gb, &wb, &b);
        against_oracle(&ga, &gb, NULL, 1, 5, 0, 1e-7);
        mv_volume_free(T, &wa), mv_volume_free(T, &wb);
        mv_volume_free(T, &a), mv_volume_free(T, &b);
    }
}
static void test_image_shapes(void) {
    static const size_t shapes[][4] = {{1, 1, 1, 1}, {2, 1, 1, 1}, {1, 5, 1, 1}, {3, 1, 4, 1}, {8, 5, 1, 1},
        {17, 3, 2, 1}, {5, 6, 7, 1}, {1, 1, 40, 1}, {40, 33, 1, 2}, {12, 11, 35, 1}};
    mv_volume a, b;
    size_t s, radius;
    t_seed(2);
    for (s = 1; s < sizeof shapes / sizeof *shapes; s++)
        for (radius = 1; radius <= 16; radius = radius < 3 ? radius + 1 : radius * 2 + 2) {
            if (radius > 4 && s > 6) continue;
            images(&a, &b, MEDVOL_F32, MEDVOL_F32, shapes[s]);
            against_oracle(&a, &b, NULL, radius, 7, 0, 1e-7);
            mv_volume_free(T, &a), mv_volume_free(T, &b);
        }
}
static void test_image_ssim(void) {
    static const size_t shapes[][4] = {{11, 11, 11, 1}, {13, 12, 14, 1}, {30, 24, 1, 1}, {1, 12, 17, 2},
        {50, 1, 1, 1}, {1, 1, 12, 1}, {12, 1, 13, 1}};
    mv_volume a, b, mask;
    size_t s, i;
    t_seed(3);
    for (s = 0; s < sizeof shapes / sizeof *shapes; s++) {
        images(&a, &b, s % 2 ? MEDVOL_I16 : MEDVOL_F32, s % 3 ? MEDVOL_F32 : MEDVOL_F64, shapes[s]);
        against_oracle(&a, &b, NULL, 1, 7, 1, 1e-6);
        make(&mask, MEDVOL_U8, shapes[s][0], shapes[s][1], shapes[s][2], shapes[s][3]);
        for (i = 0; i < mv_volume_count(&mask); i++) set(&mask, i, (double)(t_bits() % 3));
        set(&mask, mv_volume_count(&mask) / 2, 1);
        for (i = 0; i < 1 + s / 3; i++)
            if (b.dtype == MEDVOL_F32) set(&b, t_bits() % mv_volume_count(&b), i ? HUGE_VAL : NAN);
        against_oracle(&a, &b, &mask, 1, 7, s < 4, 1e-6);
        mv_volume_free(T, &a), mv_volume_free(T, &b), mv_volume_free(T, &mask);
    }
}
static void test_image_masks(void) { /* of every type, one voxel thick, with values that do not count */
    static const size_t n[4] = {14, 9, 6, 2};
    static const size_t thin[][4] = {{14, 9, 6, 2}, {14, 9, 6, 1}, {1, 9, 6, 1}, {14, 1, 1, 2}, {1, 1, 6, 1}};
    mv_volume a, b, mask;
    size_t i, k, t;
    t_seed(4);
    for (t = 0; t < 12; t++)
        for (k = 0; k < sizeof thin / sizeof *thin; k++) {
            images(&a, &b, MEDVOL_F32, t % 2 ? MEDVOL_U8 : MEDVOL_F32, n);
            make(&mask, t_real_types[t], thin[k][0], thin[k][1], thin[k][2], thin[k][3]);
            for (i = 0; i < mv_volume_count(&mask); i++) set(&mask, i, (double)(t_bits() % 4) - 1);
            set(&mask, 0, 5);
            if (t_real_types[t] == MEDVOL_F32) set(&mask, 1, NAN);
            for (i = 0; i < 5; i++) set(&a, t_bits() % mv_volume_count(&a), i % 2 ? NAN : -HUGE_VAL);
            against_oracle(&a, &b, &mask, 2, 9, 0, 1e-7);
            against_oracle(&a, &b, NULL, 1, 9, 0, 1e-7);
            mv_volume_free(T, &a), mv_volume_free(T, &b), mv_volume_free(T, &mask);
        }
}
/* more than one; far from 0; one of NaN alone; the same at every level */
static void test_image_chunks(void) {
    static mv_image_metrics first;
    static int seen;
    static const size_t n[4] = {71, 64, 35, 1};
    mv_image_metrics m;
    mv_metric_opt o = {0};
    mv_volume a, b;
    size_t i, k;
    t_seed(5);
    images(&a, &b, MEDVOL_F32, MEDVOL_F32, n);
    for (i = 0; i < mv_volume_count(&a); i++) {
        ((float *)a.data)[i] += 100000.0f;
        ((float *)b.data)[i] -= 30000.0f;
    }
    for (i = 65536; i < 131072; i++) ((float *)a.data)[i] = i % 2 ? NAN : HUGE_VALF;
    o.what = MEDVOL_METRIC_ALL, o.bins = 200;
    CHECK_OK(mv_metric_image(T, &m, &a, &b, &o));
    if (!seen) first = m, seen = 1;
    CHECK(memcmp(&m, &first, sizeof m) == 0);
    CHECK(m.count == 71 * 64 * 35 - 65536 && m.skipped == 65536);
    if (t_threads == 1 && t_level == 1) against_oracle(&a, &b, NULL, 1, 200, 0, 1e-4);
    for (k = 0; k < 2; k++) { /* a run of the other path gives what the first gives */
        mv_volume view, whole;
        gaps(&view, &whole, k ? &b : &a);
        CHECK_OK(mv_metric_image(T, &m, k ? &a : &view, k ? &view : &b, &o));
        CHECK_NEAR(m.ncc, first.ncc, 1e-12);
        CHECK(m.mse == first.mse || fabs(m.mse / first.mse - 1) < 1e-14);
        CHECK(m.mi == first.mi && m.count == first.count && m.ssim_count == first.ssim_count);
        CHECK_NEAR(m.ssim, first.ssim, 1e-12);
        CHECK_NEAR(m.lncc, first.lncc, 1e-12);
        mv_volume_free(T, &whole);
    }
    mv_volume_free(T, &a), mv_volume_free(T, &b);
}
static void test_image_closed(void) {
    static const size_t n[4] = {24, 20, 12, 1};
    mv_image_metrics m;
    mv_metric_opt o = {0};
    mv_volume a, b;
    size_t i, count;
    double h;
    t_seed(6);
    images(&a, &b, MEDVOL_F32, MEDVOL_F32, n);
    count = mv_volume_count(&a);
    o.what = MEDVOL_METRIC_ALL;
    CHECK_OK(mv_metric_image(T, &m, &a, &a, &o)); /* itself */
    CHECK(m.mse == 0 && m.mae == 0 && m.psnr == HUGE_VAL && m.ncc == 1 && m.mi == m.entropy_a);
    CHECK(m.nmi == 2 && m.skipped == 0 && m.count == count && m.ssim_count == 14 * 10 * 2);
    CHECK_NEAR(m.ssim, 1, 1e-14);
    CHECK_NEAR(m.lncc, 1, 1e-12);
    h = m.entropy_a;
    for (i = 0; i < count; i++) ((float *)b.data)[i] = ((float *)a.data)[i] * 2 + 4;
    CHECK_OK(mv_metric_image(T, &m, &a, &b, &o));
    CHECK_NEAR(m.ncc, 1, 1e-12);
    CHECK_NEAR(m.lncc, 1, 1e-10);
    CHECK_NEAR(m.mi, h, 0.02);
    for (i = 0; i < count; i++) ((float *)b.data)[i] = -((float *)a.data)[i];
    CHECK_OK(mv_metric_image(T, &m, &a, &b, &o));
    CHECK(m.ncc == -1);
    CHECK_NEAR(m.lncc, 1, 1e-12);
    for (i = 0; i < count; i++) set(&a, i, (double)(i % 8)), set(&b, i, (double)(i % 8) + 0.5);
    o.what = 0, o.peak = 10;
    CHECK_OK(mv_metric_image(T, &m, &a, &b, &o));
    CHECK(m.mse == 0.25 && m.mae == 0.5 && m.lncc != m.lncc && m.mi != m.mi && m.ssim != m.ssim);
    CHECK_NEAR(m.psnr, 10 * log10(100 / 0.25), 1e-12);
    o.what = MEDVOL_METRIC_MSE;
    CHECK_OK(mv_metric_image(T, &m, &a, &b, &o));
    CHECK(m.mse == 0.25 && m.mae != m.mae && m.psnr != m.psnr && m.ncc != m.ncc);
    mv_volume_free(T, &a), mv_volume_free(T, &b);
}
static void test_image_joint(void) { /* joint distributions that are known */
    mv_image_metrics m;
    mv_metric_opt o = {0};
    mv_volume a, b;
    size_t i;
    make(&a, MEDVOL_U8, 16, 10, 1, 1);
    make(&b, MEDVOL_I8, 16, 10, 1, 1);
    o.what = MEDVOL_METRIC_MI | MEDVOL_METRIC_NMI, o.bins = 4;
    for (i = 0; i < 160; i++) set(&a, i, (double)(i % 4)), set(&b, i, (double)(i / 4 % 4)); /* independent */
    CHECK_OK(mv_metric_image(T, &m, &a, &b, &o));
    CHECK_NEAR(m.mi, 0, 1e-14);
    CHECK_NEAR(m.entropy_joint, log(16), 1e-14);
    CHECK_NEAR(m.nmi, 1, 1e-14);
    for (i = 0; i < 160; i++) set(&b, i, i % 16 < 8 ? -(double)(i % 4) : 1); /* half of it known */
    { /* p(b): 1 with 1/2, else 1/8 each of four; p(a, b): 1/8 each of eight */
        const double hb = 0.5 * log(2) + 0.5 * log(8), hab = 0.5 * log(8) + 0.5 * log(8);
        o.range_b[0] = -3, o.range_b[1] = 2, o.bins = 5, o.range_a[0] = 0, o.range_a[1] = 5;
        CHECK_OK(mv_metric_image(T, &m, &a, &b, &o));
        CHECK_NEAR(m.entropy_b, hb, 1e-14);
        CHECK_NEAR(m.entropy_a, log(4), 1e-14);
        CHECK_NEAR(m.entropy_joint, hab, 1e-14);
        CHECK_NEAR(m.mi, log(4) + hb - hab, 1e-14);
    }
    o.range_b[0] = 0, o.range_b[1] = 0.5; /* what is beyond counts in the outermost bins: 0 and below, 1 */
    CHECK_OK(mv_metric_image(T, &m, &a, &b, &o));
    CHECK_NEAR(m.entropy_b, log(2), 1e-14);
    for (i = 0; i < 160; i++) set(&b, i, i % 4 == 0 ? 0 : i % 2 ? 49 : 98);
    o.range_b[0] = o.range_b[1] = 0, o.bins = 2; /* 49 lies on the edge, though 49 * (2 / 98.) is below 1 */
    CHECK_OK(mv_metric_image(T, &m, &a, &b, &o));
    CHECK_NEAR(m.entropy_b, log(4) - 0.75 * log(3), 1e-14);
    memset(b.data, 7, 160);
    o.bins = 5;
    CHECK_OK(mv_metric_image(T, &m, &a, &b, &o)); /* one is constant, then both */
    CHECK(m.mi == 0 && m.entropy_b == 0 && fabs(m.nmi - 1) < 1e-14);
    memset(a.data, 9, 160);
    o.range_a[1] = 0, o.what = MEDVOL_METRIC_ALL & ~(unsigned)MEDVOL_METRIC_SSIM;
    CHECK_OK(mv_metric_image(T, &m, &a, &b, &o));
    CHECK(m.mi == 0 && m.nmi == 1 && m.ncc == 0 && m.lncc == 0 && m.mse == 4 && m.psnr == -HUGE_VAL);
    mv_volume_free(T, &a), mv_volume_free(T, &b);
    make(&a, MEDVOL_F32, 12, 12, 1, 1);
    make(&b, MEDVOL_F32, 12, 12, 1, 1);
    o.what = MEDVOL_METRIC_ALL;
    for (i = 0; i < 144; i++) ((float *)a.data)[i] = 0.1f, ((float *)b.data)[i] = 0.7f * (float)(i % 5);
    CHECK_OK(mv_metric_image(T, &m, &a, &b, &o)); /* a constant that is not a whole number */
    CHECK(m.ncc == 0 && m.lncc == 0 && m.mi == 0);
    CHECK_OK(mv_metric_image(T, &m, &a, &a, &o));
    CHECK(m.ncc == 0 && m.lncc == 0 && m.mse == 0);
    CHECK_NEAR(m.ssim, 1, 1e-9);
    for (i = 0; i < 144; i++) ((float *)b.data)[i] = 0.7f; /* of peak 1: (2 ab + 1e-4) / (a^2 + b^2 + 1e-4) */
    CHECK_OK(mv_metric_image(T, &m, &a, &b, &o));
    CHECK_NEAR(m.ssim, (0.14 + 1e-4) / (0.5 + 1e-4), 1e-6);
    mv_volume_free(T, &a), mv_volume_free(T, &b);
}

/* the pictures that the numbers of other libraries are of */
static void pictures(mv_volume *a, mv_volume *b, size_t nz) {
    size_t x, y, z, i = 0;
    make(a, MEDVOL_F64, 17, 15, nz, 1);
    make(b, MEDVOL_F64, 17, 15, nz, 1);
    for (z = 0; z < nz; z++)
        for (y = 0; y < 15; y++)
            for (x = 0; x < 17; x++, i++) {
                const size_t f = (37 * x + 61 * y + 17 * z + 3 * x * y) % 101;
                set(a, i, (double)f), set(b, i, (double)((2 * f + i * 7919 % 53) % 151));
            }
}
static void test_image_peers(void) {
    mv_image_metrics m;
    mv_metric_opt o = {0};
    mv_volume a, b;
    pictures(&a, &b, 13);
    o.what = MEDVOL_METRIC_ALL, o.peak = 100, o.bins = 32;
    CHECK_OK(mv_metric_image(T, &m, &a, &b, &o));
    CHECK_NEAR(m.mse, 2787.2935143288087, 1e-9); /* skimage.metrics.mean_squared_error */
    CHECK_NEAR(m.psnr, 5.548172957497524, 1e-12);
    CHECK_NEAR(m.ncc, -0.013010014700945887, 1e-13); /* numpy.corrcoef */
    CHECK_NEAR(m.nmi, 1.1681388750790986, 1e-12);    /* skimage: normalized_mutual_information */
    CHECK_NEAR(m.mi, 0.9899823807586499, 1e-12);     /* of numpy.histogram2d */
    CHECK_NEAR(m.ssim, 0.050752041798228585, 1e-7);  /* skimage: structural_similarity */
    mv_volume_free(T, &a), mv_volume_free(T, &b);
    pictures(&a, &b, 1);
    o.what = MEDVOL_METRIC_SSIM;
    CHECK_OK(mv_metric_image(T, &m, &a, &b, &o));
    CHECK_NEAR(m.ssim, 0.036000583707346254, 1e-7);
    CHECK(m.ssim_count == 7 * 5);
    mv_volume_free(T, &a), mv_volume_free(T, &b);
}
static void test_image_errors(void) {
    static const size_t n[4] = {12, 6, 5, 1}, other[4] = {12, 6, 4, 1};
    mv_image_metrics m, was;
    mv_metric_opt o = {0};
    mv_volume a, b, c, rgb, mask;
    images(&a, &b, MEDVOL_F32, MEDVOL_F32, n);
    images(&c, &rgb, MEDVOL_F32, MEDVOL_F32, other);
    mv_volume_free(T, &rgb);
    make(&rgb, MEDVOL_RGB24, 12, 6, 5, 1);
    make(&mask, MEDVOL_U8, 12, 6, 5, 1);
    memset(&was, 77, sizeof was);
    m = was;
    CHECK_STATUS(mv_metric_image(T, NULL, &a, &b, NULL), MEDVOL_E_NULL);
    CHECK_STATUS(mv_metric_image(T, &m, NULL, &b, NULL), MEDVOL_E_NULL);
    CHECK_STATUS(mv_metric_image(T, &m, &a, NULL, NULL), MEDVOL_E_NULL);
    CHECK_STATUS(mv_metric_image(T, &m, &a, &c, NULL), MEDVOL_E_SHAPE);
    CHECK(strstr(mv_message(T), "dim[2] of b is 4, of a 5") != NULL);
    CHECK_STATUS(mv_metric_image(T, &m, &rgb, &b, NULL), MEDVOL_E_DTYPE);
    CHECK_STATUS(mv_metric_image(T, &m, &a, &rgb, NULL), MEDVOL_E_DTYPE);
    o.mask = &rgb;
    CHECK_STATUS(mv_metric_image(T, &m, &a, &b, &o), MEDVOL_E_DTYPE);
    o.mask = &c;
    CHECK_STATUS(mv_metric_image(T, &m, &a, &b, &o), MEDVOL_E_SHAPE);
    o.mask = &mask; /* of zeros */
    CHECK_STATUS(mv_metric_image(T, &m, &a, &b, &o), MEDVOL_E_EMPTY);
    o.mask = NULL, o.what = 256;
    CHECK_STATUS(mv_metric_image(T, &m, &a, &b, &o), MEDVOL_E_RANGE);
    o.what = MEDVOL_METRIC_SSIM;
    CHECK_STATUS(mv_metric_image(T, &m, &a, &b, &o), MEDVOL_E_SHAPE);
    CHECK(strstr(mv_message(T), "dim[1] = 6") != NULL);
    o.what = 0, o.peak = -1;
    CHECK_STATUS(mv_metric_image(T, &m, &a, &b, &o), MEDVOL_E_RANGE);
    o.peak = NAN;
    CHECK_STATUS(mv_metric_image(T, &m, &a, &b, &o), MEDVOL_E_RANGE);
    o.peak = 0, o.radius = 17;
    CHECK_STATUS(mv_metric_image(T, &m, &a, &b, &o), MEDVOL_E_RANGE);
    o.radius = 0, o.bins = 1;
    CHECK_STATUS(mv_metric_image(T, &m, &a, &b, &o), MEDVOL_E_RANGE);
    o.bins = 1025;
    CHECK_STATUS(mv_metric_image(T, &m, &a, &b, &o), MEDVOL_E_RANGE);
    o.bins = 0, o.range_a[0] = 1, o.range_a[1] = 1;
    CHECK_STATUS(mv_metric_image(T, &m, &a, &b, &o), MEDVOL_E_RANGE);
    o.range_a[1] = 2, o.range_b[1] = NAN;
    CHECK_STATUS(mv_metric_image(T, &m, &a, &b, &o), MEDVOL_E_RANGE);
    b.affine[3] += 0.1; /* a tenth of a voxel to the side; then so little that it is the same place */
    CHECK_STATUS(mv_metric_image(T, &m, &a, &b, NULL), MEDVOL_E_SHAPE);
    CHECK(memcmp(&m, &was, sizeof m) == 0);
    b.affine[3] = a.affine[3] + 1e-4;
    CHECK_OK(mv_metric_image(T, &m, &a, &b, NULL));
    b.affine[5] *= 1.01; /* voxels of another size, from the same first one on */
    CHECK_STATUS(mv_metric_image(T, &m, &a, &b, NULL), MEDVOL_E_SHAPE);
    b.affine[5] = NAN;
    CHECK_STATUS(mv_metric_image(T, &m, &a, &b, NULL), MEDVOL_E_SHAPE);
    mv_volume_free(T, &a), mv_volume_free(T, &b), mv_volume_free(T, &c);
    mv_volume_free(T, &rgb), mv_volume_free(T, &mask);
}

/* ---- distances ---- */
/* from voxel i of a frame to the nearest of which in[] is `what` */
static double nearest(const uint8_t *in, const size_t *n, const double *s, size_t i, int what) {
    const size_t at[3] = {i % n[0], i / n[0] % n[1], i / n[0] / n[1]};
    double best = HUGE_VAL;
    size_t j, count = n[0] * n[1] * n[2];
    for (j = 0; j < count; j++) {
        double x, y, z;
        if (in[j] != what) continue;
        x = ((double)(j % n[0]) - (double)at[0]) * s[0];
        y = ((double)(j / n[0] % n[1]) - (double)at[1]) * s[1];
        z = ((double)(j / n[0] / n[1]) - (double)at[2]) * s[2];
        best = fmin(best, x * x + y * y + z * z);
    }
    return sqrt(best);
}
static void distances(const mv_volume *v, const mv_distance_opt *opt, size_t every) {
    const size_t frame = v->dim[0] * v->dim[1] * v->dim[2], count = mv_volume_count(v);
    uint8_t *in = (uint8_t *)malloc(frame);
    mv_volume d = {0};
    double s[3] = {1, 1, 1};
    size_t f, i;
    if (!in) abort();
    if (!opt->voxels) mv_spacing(v, s);
    if (CHECK_OK(mv_distance(T, &d, v, opt))) {
        CHECK(d.dtype == MEDVOL_F32 && memcmp(d.affine, v->affine, sizeof d.affine) == 0);
        for (f = 0; f < count; f += frame) {
            for (i = 0; i < frame; i++) in[i] = value(v, f + i) > opt->threshold;
            for (i = 0; i < frame; i += every) {
                const double out = opt->mode == MEDVOL_DISTANCE_INSIDE ? 0 : nearest(in, v->dim, s, i, 1);
                const double ins = opt->mode == MEDVOL_DISTANCE_OUTSIDE ? 0 : nearest(in, v->dim, s, i, 0);
                const double want = opt->mode == MEDVOL_DISTANCE_INSIDE ? ins : out > 0 ? out : -ins;
                const double got = (double)((float *)d.data)[f + i];
                if (!CHECK(got == want || fabs(got - want) <= 4e-7 * fabs(want))) break;
            }
        }
    }
    mv_volume_free(T, &d);
    free(in);
}
static void test_distance(void) {
    static const size_t shapes[][4] = {{1, 1, 1, 1}, {40, 1, 1, 1}, {1, 37, 1, 1}, {1, 1, 41, 1},
        {23, 17, 1, 1}, {9, 1, 20, 1}, {1, 19, 16, 1}, {16, 16, 16, 1}, {35, 10, 9, 1}, {18, 7, 13, 2}};
    mv_volume v, view, whole;
    mv_distance_opt o;
    size_t s, i, share;
    t_seed(7);
    for (s = 0; s < sizeof shapes / sizeof *shapes; s++)
        for (share = 1; share <= 1000; share *= 10) {
            make(&v, t_real_types[(s + share) % 12], shapes[s][0], shapes[s][1], shapes[s][2], shapes[s][3]);
            turned(v.affine);
            for (i = 0; i < mv_volume_count(&v); i++)
                set(&v, i, t_bits() % share == 0 ? t_uniform(3, 90) : t_uniform(0, 1.4));
            memset(&o, 0, sizeof o);
            o.threshold = 1.95, o.mode = (int)(share % 3), o.voxels = share == 10;
            distances(&v, &o, 1);
            o.mode = (int)(s % 3);
            gaps(&view, &whole, &v);
            distances(&view, &o, 3);
            mv_volume_free(T, &whole), mv_volume_free(T, &v);
        }
}
static void test_distance_far(void) { /* lines so long and sparse that a search gives way to envelopes */
    static const size_t shapes[][4] = {{1500, 3, 1, 1}, {3, 2, 1200, 1}, {20, 2, 700, 1}, {700, 1, 20, 1}};
    mv_volume v;
    mv_distance_opt o = {0};
    size_t s, k, i;
    t_seed(8);
    for (s = 0; s < 4; s++)
        for (k = 0; k < 4; k++) {
            make(&v, MEDVOL_U8, shapes[s][0], shapes[s][1], shapes[s][2], 1);
            turned(v.affine);
            for (i = 0; i < (k == 1 ? 5 : 1); i++) set(&v, t_bits() % mv_volume_count(&v), 1);
            if (k == 2) set(&v, 0, 1);
            if (k == 3) set(&v, mv_volume_count(&v) - 1, 1);
            o.mode = k == 3 ? MEDVOL_DISTANCE_SIGNED : MEDVOL_DISTANCE_OUTSIDE;
            distances(&v, &o, 37);
            mv_volume_free(T, &v);
        }
}
static void test_distance_extremes(void) {
    mv_volume v, d = {0};
    mv_distance_opt o = {0};
    size_t i;
    int mode;
    make(&v, MEDVOL_F32, 5, 4, 3, 1);
    for (i = 0; i < 60; i++) ((float *)v.data)[i] = i == 7 ? -HUGE_VALF : NAN; /* nothing is inside */
    for (mode = 0; mode < 3; mode++) {
        o.mode = mode;
        CHECK_OK(mv_distance(T, &d, &v, &o));
        for (i = 0; i < 60; i++) CHECK(((float *)d.data)[i] == (mode == 1 ? 0 : HUGE_VALF));
    }
    for (i = 0; i < 60; i++) ((float *)v.data)[i] = HUGE_VALF; /* everything is */
    for (mode = 0; mode < 3; mode++) {
        o.mode = mode;
        CHECK_OK(mv_distance(T, &d, &v, &o));
        for (i = 0; i < 60; i++)
            CHECK(((float *)d.data)[i] == (mode == 0 ? 0 : mode == 1 ? HUGE_VALF : -HUGE_VALF));
    }
    ((float *)v.data)[0] = -1;
    o.mode = MEDVOL_DISTANCE_INSIDE;
    CHECK_OK(mv_distance(T, &v, &v, &o)); /* onto itself */
    CHECK(((float *)v.data)[0] == 0 && ((float *)v.data)[3] == 3 && ((float *)v.data)[5] == 1);
    mv_volume_free(T, &v), mv_volume_free(T, &d);
}
static void test_distance_peer(void) { /* scipy.ndimage.distance_transform_edt, spacing 1.3, 0.7, 2.1 */
    mv_volume v, d = {0};
    mv_distance_opt o = {0};
    double sum = 0, most = 0;
    size_t i, n = 17 * 15 * 13;
    make(&v, MEDVOL_I16, 17, 15, 13, 1);
    v.affine[0] = 1.3, v.affine[5] = 0.7, v.affine[10] = 2.1;
    for (i = 0; i < n; i++) set(&v, i, i * 7919 % 97 < 3);
    CHECK_OK(mv_distance(T, &d, &v, NULL));
    for (i = 0; i < n; i++)
        sum += (double)((float *)d.data)[i], most = fmax(most, (double)((float *)d.data)[i]);
    CHECK_NEAR(sum, 7752.71960036732, 1e-3);
    CHECK_NEAR(most, 5.5470712993434645, 1e-6);
    CHECK_NEAR((double)((float *)d.data)[n - 1], 3.241913015489465, 1e-6);
    CHECK_NEAR((double)((float *)d.data)[8 + 17 * (7 + 15 * 6)], 1.91049731745428, 1e-6);
    for (i = 0; i < n; i++) set(&v, i, i * 7919 % 97 < 3 || i * 31 % 7 > 0);
    o.mode = MEDVOL_DISTANCE_INSIDE;
    CHECK_OK(mv_distance(T, &d, &v, &o));
    for (sum = most = 0, i = 0; i < n; i++)
        sum += (double)((float *)d.data)[i], most = fmax(most, (double)((float *)d.data)[i]);
    CHECK_NEAR(sum, 3477.5912346506066, 1e-3);
    CHECK_NEAR(most, 2.5238858928247927, 1e-6);
    mv_volume_free(T, &v), mv_volume_free(T, &d);
}
static void test_distance_errors(void) {
    mv_volume v, d = {0}, rgb;
    mv_distance_opt o = {0};
    make(&v, MEDVOL_U8, 5, 4, 3, 1);
    make(&rgb, MEDVOL_RGB24, 5, 4, 3, 1);
    CHECK_STATUS(mv_distance(T, &d, NULL, NULL), MEDVOL_E_NULL);
    CHECK_STATUS(mv_distance(T, NULL, &v, NULL), MEDVOL_E_NULL);
    CHECK_STATUS(mv_distance(T, &d, &rgb, NULL), MEDVOL_E_DTYPE);
    CHECK_STATUS(mv_distance(T, &rgb, &v, NULL), MEDVOL_E_DTYPE);
    o.threshold = NAN;
    CHECK_STATUS(mv_distance(T, &d, &v, &o), MEDVOL_E_RANGE);
    o.threshold = 0, o.mode = 3;
    CHECK_STATUS(mv_distance(T, &d, &v, &o), MEDVOL_E_RANGE);
    o.mode = -1;
    CHECK_STATUS(mv_distance(T, &d, &v, &o), MEDVOL_E_RANGE);
    v.affine[1] = 0.1; /* sheared */
    CHECK_STATUS(mv_distance(T, &d, &v, NULL), MEDVOL_E_UNSUPPORTED);
    v.affine[1] = v.affine[5] = 0;
    CHECK_STATUS(mv_distance(T, &d, &v, NULL), MEDVOL_E_SINGULAR);
    v.affine[5] = NAN;
    CHECK_STATUS(mv_distance(T, &d, &v, NULL), MEDVOL_E_SINGULAR);
    o.mode = 0, o.voxels = 1;
    CHECK_OK(mv_distance(T, &d, &v, &o));
    mv_volume_free(T, &v);
    make(&v, MEDVOL_U8, 5, 4, 2, 1);
    CHECK_STATUS(mv_distance(T, &d, &v, NULL), MEDVOL_E_SHAPE);
    mv_volume_free(T, &v), mv_volume_free(T, &d), mv_volume_free(T, &rgb);
}

/* ---- labels ---- */
static int64_t whole_number(const mv_volume *v, size_t i) { /* t_value rounds 64 bits to double */
    const size_t at = offset(v, i);
    if (v->dtype == MEDVOL_I64) return ((int64_t *)v->data)[at];
    if (v->dtype == MEDVOL_U64)
        return ((uint64_t *)v->data)[at] > INT64_MAX ? INT64_MAX : (int64_t)((uint64_t *)v->data)[at];
    return (int64_t)t_value(v->data, v->dtype, at);
}
static void label_is_right(const mv_label_metrics *m, const mv_volume *const *v) {
    double n[2] = {0, 0}, at[2][3] = {{0}}, both = 0, world[2][3], d = 0;
    size_t i, count = mv_volume_count(v[0]);
    int k, c;
    for (i = 0; i < count; i++) {
        const int in[2] = {whole_number(v[0], i) == m->label, whole_number(v[1], i) == m->label};
        const size_t p[3] = {i % v[0]->dim[0], i / v[0]->dim[0] % v[0]->dim[1],
            i / v[0]->dim[0] / v[0]->dim[1] % v[0]->dim[2]};
        both += in[0] && in[1];
        for (k = 0; k < 2; k++)
            for (n[k] += in[k], c = 0; c < 3; c++) at[k][c] += in[k] ? (double)p[c] : 0;
    }
    CHECK((double)m->count_a == n[0] && (double)m->count_b == n[1] && (double)m->both == both);
    CHECK_NEAR(m->dice, 2 * both / (n[0] + n[1]), 1e-15);
    CHECK_NEAR(m->jaccard, both / (n[0] + n[1] - both), 1e-15);
    for (k = 0; k < 2; k++) {
        for (c = 0; c < 3; c++) at[k][c] /= n[k];
        mv_affine_apply(world[k], v[k]->affine, at[k]);
        for (c = 0; c < 3; c++) CHECK_NEAR((k ? m->centroid_b : m->centroid_a)[c], world[k][c], 1e-11);
    }
    for (c = 0; c < 3; c++) d += (world[0][c] - world[1][c]) * (world[0][c] - world[1][c]);
    CHECK_NEAR(m->distance, sqrt(d), 1e-11);
}
static void test_labels(void) { /* of every integer type, negative ones, great ones; with gaps; a series */
    static const int64_t great[5] = {INT64_MIN, INT64_MAX, -3, 0, 70000};
    mv_volume a, b, view, whole;
    const mv_volume *v[2];
    mv_label_metrics m[64];
    mv_label_opt o = {0};
    double mean, want;
    size_t i, t, count, k;
    t_seed(9);
    for (t = 0; t < 8; t++) {
        const mv_dtype other = t_real_types[(t + 3) % 8];
        make(&a, t_real_types[t], 23, 11, 6, 2), make(&b, other, 23, 11, 6, 2);
        memcpy(a.affine, oblique, sizeof oblique), memcpy(b.affine, oblique, sizeof oblique);
        for (i = 0; i < mv_volume_count(&a); i++) {
            const double l = floor(t_uniform(-3, 12)) - (double)(i / 400 % 2);
            set(&a, i, l), set(&b, i, t_bits() % 3 ? l : floor(t_uniform(-3, 12)));
            if (t_real_types[t] == MEDVOL_I64) ((int64_t *)a.data)[i] = great[t_bits() % 5];
            if (other == MEDVOL_U64) ((uint64_t *)b.data)[i] = t_bits() % 9 ? 4 : UINT64_MAX - t_bits() % 5;
        }
        gaps(&view, &whole, &b);
        v[0] = &a, v[1] = t % 2 ? &view : &b;
        o.background = t % 2;
        CHECK_OK(mv_metric_labels(T, m, 64, &count, &mean, v[0], v[1], &o));
        CHECK(count > 2 && count < 64);
        for (want = 0, i = 0; i < count; i++) {
            CHECK(i == 0 || m[i - 1].label < m[i].label);
            CHECK(o.background || m[i].label != 0);
            label_is_right(&m[i], v);
            want += m[i].dice;
        }
        CHECK_NEAR(mean, want / (double)count, 1e-13);
        for (i = 0; i < mv_volume_count(&a); i++) { /* none is missing */
            for (k = 0; k < count && m[k].label != whole_number(v[i % 2], i); k++) {}
            if (!CHECK(k < count || (whole_number(v[i % 2], i) == 0 && !o.background))) break;
        }
        mv_volume_free(T, &a), mv_volume_free(T, &b), mv_volume_free(T, &whole);
    }
}
static void test_labels_given(void) {
    static const int64_t list[5] = {2, 77, 0, 1, 2};
    mv_volume a, b;
    const mv_volume *v[2];
    mv_label_metrics m[5];
    mv_label_opt o = {0};
    double mean;
    size_t i, count;
    make(&a, MEDVOL_U8, 10, 10, 1, 1), make(&b, MEDVOL_U8, 10, 10, 1, 1);
    for (i = 0; i < 40; i++) set(&a, i, 1 + (double)(i / 20)), set(&b, i + 10, 1 + (double)(i / 20));
    o.labels = list, o.nlabels = 5;
    CHECK_OK(mv_metric_labels(T, m, 5, &count, &mean, &a, &b, &o));
    v[0] = &a, v[1] = &b;
    for (i = 0; i < 5; i++) {
        CHECK(m[i].label == list[i]);
        if (i != 1) label_is_right(&m[i], v);
    }
    CHECK(count == 5 && m[0].both == 10 && m[0].dice == 0.5 && m[0].jaccard == 1.0 / 3);
    CHECK(m[0].distance == 1); /* y 2.5 and 3.5 */
    CHECK(m[1].count_a == 0 && m[1].dice != m[1].dice && m[1].centroid_a[1] != m[1].centroid_a[1]);
    CHECK_NEAR(mean, (0.5 + 100.0 / 120 + 0.5 + 0.5) / 4, 1e-15);
    o.nlabels = 2; /* of labels that are nowhere there is no mean */
    o.labels = list + 1;
    CHECK_OK(mv_metric_labels(T, m, 5, NULL, &mean, &a, &b, &o));
    CHECK_NEAR(mean, 100.0 / 120, 1e-15);
    o.nlabels = 1;
    CHECK_OK(mv_metric_labels(T, m, 5, NULL, &mean, &a, &b, &o));
    CHECK(mean != mean);
    CHECK_OK(mv_metric_labels(T, NULL, 0, &count, &mean, &a, &b, NULL)); /* to ask how many */
    CHECK(count == 2 && mean == 0.5);
    mv_volume_free(T, &a), mv_volume_free(T, &b);
}
static void test_labels_many(void) { /* 40000, in tables that grow */
    enum { MANY = 40000 };
    mv_volume a, b;
    mv_label_metrics *m = (mv_label_metrics *)malloc(MANY * sizeof *m);
    double mean;
    size_t i, count;
    if (!m) abort();
    make(&a, MEDVOL_I32, 400, 20, 10, 1), make(&b, MEDVOL_I32, 400, 20, 10, 1);
    for (i = 0; i < 80000; i++) {
        const double l = ((double)(i * 7919 % MANY) - MANY / 2) * 50021;
        set(&a, i, l), set(&b, i, i % 40 ? l : 5);
    }
    CHECK_OK(mv_metric_labels(T, m, MANY, &count, &mean, &a, &b, NULL));
    CHECK(count == MANY); /* without 0, with 5 */
    for (i = 0; i < count; i++) {
        if (m[i].label == 5) CHECK(m[i].count_a == 0 && m[i].count_b == 2000);
        else CHECK(m[i].count_a == 2 && m[i].label % 50021 == 0);
        CHECK(i == 0 || m[i - 1].label < m[i].label);
    }
    CHECK_STATUS(mv_metric_labels(T, m, MANY - 1, &count, NULL, &a, &b, NULL), MEDVOL_E_SPACE);
    CHECK(count == MANY);
    mv_volume_free(T, &a), mv_volume_free(T, &b);
    free(m);
}
static void test_labels_errors(void) {
    mv_volume a, b, f;
    mv_label_metrics m[4];
    mv_label_opt o = {0};
    size_t i;
    make(&a, MEDVOL_U8, 5, 4, 3, 1), make(&b, MEDVOL_U8, 5, 4, 3, 1), make(&f, MEDVOL_F32, 5, 4, 3, 1);
    CHECK_STATUS(mv_metric_labels(T, m, 4, NULL, NULL, &a, &f, NULL), MEDVOL_E_DTYPE);
    CHECK_STATUS(mv_metric_labels(T, m, 4, NULL, NULL, &f, &a, NULL), MEDVOL_E_DTYPE);
    CHECK_STATUS(mv_metric_labels(T, m, 4, NULL, NULL, NULL, &a, NULL), MEDVOL_E_NULL);
    CHECK_STATUS(mv_metric_labels(T, NULL, 4, NULL, NULL, &a, &b, NULL), MEDVOL_E_NULL);
    o.nlabels = 2;
    CHECK_STATUS(mv_metric_labels(T, m, 4, NULL, NULL, &a, &b, &o), MEDVOL_E_NULL);
    b.slope = 2;
    CHECK_STATUS(mv_metric_labels(T, m, 4, NULL, NULL, &a, &b, NULL), MEDVOL_E_DTYPE);
    b.slope = 1;
    CHECK_OK(mv_metric_labels(T, m, 4, NULL, NULL, &a, &b, NULL));
    b.affine[7] = 2;
    CHECK_STATUS(mv_metric_labels(T, m, 4, NULL, NULL, &a, &b, NULL), MEDVOL_E_SHAPE);
    mv_volume_free(T, &a), mv_volume_free(T, &b), mv_volume_free(T, &f);
    if (T_SMALL || t_threads > 2) return;
    make(&a, MEDVOL_I32, 1100, 1000, 1, 1); /* an image, not labels */
    for (i = 0; i < 1100000; i++) ((int32_t *)a.data)[i] = (int32_t)(i * 3);
    CHECK_STATUS(mv_metric_labels(T, m, 4, NULL, NULL, &a, &a, NULL), MEDVOL_E_LIMIT);
    mv_volume_free(T, &a);
}

/* ---- surfaces ---- */
static int by_size(const void *a, const void *b) {
    const double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}
static double ranked(double *x, size_t n, double q) {
    const double at = (double)(n - 1) * q / 100;
    const size_t k = (size_t)at;
    qsort(x, n, sizeof *x, by_size);
    return x[k] + (k + 1 < n ? (x[k + 1] - x[k]) * (at - (double)k) : 0);
}
static int on_border(const uint8_t *in, const size_t *n, size_t i) {
    size_t step = 1, rest = i;
    int d;
    if (!in[i]) return 0;
    if (n[0] * n[1] * n[2] == 1) return 1;
    for (d = 0; d < 3; step *= n[d], rest /= n[d], d++) {
        const size_t at = rest % n[d];
        if (n[d] == 1) continue;
        if (at == 0 || at + 1 == n[d] || !in[i - step] || !in[i + step]) return 1;
    }
    return 0;
}
static void surfaces(const mv_volume *a, const mv_volume *b, const mv_surface_opt *o) {
    const size_t *n = a->dim, count = n[0] * n[1] * n[2];
    const mv_volume *v[2];
    uint8_t *in = (uint8_t *)calloc(4 * count, 1), *edge = in + 2 * count;
    double *d = (double *)malloc(count * sizeof *d), s[3];
    double sum[2] = {0, 0}, most[2] = {0, 0}, rank[2], within = 0;
    size_t i, k, edges[2] = {0, 0}, m;
    const double q = o && o->percentile > 0 ? o->percentile : 95;
    mv_surface_metrics r;
    if (!in || !d) abort();
    v[0] = a, v[1] = b;
    mv_spacing(a, s);
    for (k = 0; k < 2; k++) {
        for (i = 0; i < count; i++)
            in[k * count + i] = o && o->by_label ? value(v[k], i) == (double)o->label : value(v[k], i) > 0;
        for (i = 0; i < count; i++)
            edges[k] += edge[k * count + i] = (uint8_t)on_border(in + k * count, n, i);
    }
    if (!CHECK_OK(mv_metric_surface(T, &r, a, b, o))) edges[0] = 0;
    for (k = 0; k < 2 && edges[0]; k++) {
        for (m = i = 0; i < count; i++)
            if (edge[k * count + i]) {
                d[m] = nearest(edge + (1 - k) * count, n, s, i, 1);
                sum[k] += d[m], most[k] = fmax(most[k], d[m]);
                within += d[m++] <= (o ? o->tolerance : 0) * (1 + 1e-9);
            }
        rank[k] = ranked(d, m, q);
    }
    if (CHECK(edges[0] > 0)) {
        CHECK(r.border_a == edges[0] && r.border_b == edges[1]);
        CHECK_NEAR(r.max_ab, most[0], 4e-7 * most[0]);
        CHECK_NEAR(r.max_ba, most[1], 4e-7 * most[1]);
        CHECK_NEAR(r.hausdorff, fmax(most[0], most[1]), 4e-7 * r.hausdorff);
        CHECK_NEAR(r.mean_ab, sum[0] / (double)edges[0], 4e-7 * r.mean_ab);
        CHECK_NEAR(r.mean_ba, sum[1] / (double)edges[1], 4e-7 * r.mean_ba);
        CHECK_NEAR(r.percentile_ab, rank[0], 4e-7 * rank[0]);
        CHECK_NEAR(r.percentile_ba, rank[1], 4e-7 * rank[1]);
        CHECK_NEAR(r.percentile, fmax(rank[0], rank[1]), 4e-7 * r.percentile);
        CHECK_NEAR(r.assd, (sum[0] + sum[1]) / (double)(edges[0] + edges[1]), 4e-7 * r.assd);
        CHECK_NEAR(r.surface_dice, within / (double)(edges[0] + edges[1]), 1e-12);
    }
    free(in), free(d);
}
static void test_surface(void) {
    static const size_t shapes[][3] = {{1, 1, 1}, {30, 1, 1}, {12, 14, 1}, {1, 9, 8}, {11, 10, 9},
        {20, 6, 7}};
    mv_volume a, b, view, whole;
    mv_surface_opt o;
    size_t s, k, i;
    t_seed(10);
    for (s = 0; s < sizeof shapes / sizeof *shapes; s++)
        for (k = 0; k < 6; k++) {
            const size_t n = shapes[s][0] * shapes[s][1] * shapes[s][2];
            make(&a, t_real_types[(s + k) % 12], shapes[s][0], shapes[s][1], shapes[s][2], 1);
            make(&b, t_real_types[(3 * s + 5 * k) % 12], shapes[s][0], shapes[s][1], shapes[s][2], 1);
            turned(a.affine), turned(b.affine);
            memset(&o, 0, sizeof o);
            o.tolerance = (double)k * 0.7, o.percentile = k % 2 ? 50 + 10 * (double)k : 0;
            for (i = 0; i < n; i++) {
                const size_t x = i % shapes[s][0];
                /* they touch the edges */
                set(&a, i, k < 2 ? 0 : k == 2 ? 3 : k == 3 ? t_bits() % 4 : x < 4 ? 3 : 1);
                set(&b, i, k < 2 ? 0 : k == 3 ? t_bits() % 9 == 0 : x < 6 ? 3 : 0);
            }
            set(&a, n / 3, 3), set(&b, k ? n - 1 : n / 3, 3); /* of 0 and 1 the only voxels */
            o.by_label = k > 3, o.label = 3;
            gaps(&view, &whole, &b);
            surfaces(&a, k % 2 ? &view : &b, k ? &o : NULL);
            mv_volume_free(T, &a), mv_volume_free(T, &b), mv_volume_free(T, &whole);
        }
}
static void ellipsoids(mv_volume *a, mv_volume *b) {
    size_t x, y, z, i = 0;
    make(a, MEDVOL_U8, 17, 15, 13, 1), make(b, MEDVOL_I16, 17, 15, 13, 1);
    a->affine[0] = b->affine[0] = 1.3, a->affine[5] = b->affine[5] = 0.7, a->affine[10] = b->affine[10] = 2.1;
    for (z = 0; z < 13; z++)
        for (y = 0; y < 15; y++)
            for (x = 0; x < 17; x++, i++) {
                const double p = ((double)x - 8) * 1.3, q = ((double)y - 7) * 0.7, r = ((double)z - 6) * 2.1;
                set(a, i, p * p + q * q + r * r < 30);
                set(b, i, (p - 1.3) * (p - 1.3) + (q + 0.7) * (q + 0.7) + r * r < 24);
            }
}
static void test_surface_peers(void) { /* MONAI, SimpleITK */
    static const double share[3][2] = {{0.7, 0.6236559153}, {1.3, 0.7876344323}, {2.0, 0.9193548560}};
    mv_volume a, b;
    mv_surface_metrics m;
    mv_surface_opt o = {0};
    mv_label_metrics l;
    int i;
    ellipsoids(&a, &b);
    CHECK_OK(mv_metric_surface(T, &m, &a, &b, NULL));
    CHECK_NEAR(m.hausdorff, 2.6, 1e-6); /* compute_hausdorff_distance; SimpleITK, of all voxels, the same */
    CHECK_NEAR(m.max_ab, 2.6, 1e-6);
    CHECK_NEAR(m.percentile, 2.2079, 5e-5); /* percentile=95 */
    CHECK_NEAR(m.assd, 0.7115767002, 1e-6); /* compute_average_surface_distance, symmetric */
    CHECK_NEAR(m.mean_ab, 0.8053925037, 1e-6);
    for (i = 0; i < 3; i++) {
        o.tolerance = share[i][0];
        CHECK_OK(mv_metric_surface(T, &m, &a, &b, &o));
        CHECK_NEAR(m.surface_dice, share[i][1], 1e-7); /* compute_surface_dice */
    }
    CHECK_OK(mv_metric_labels(T, &l, 1, NULL, NULL, &a, &b, NULL));
    CHECK_NEAR(l.dice, 0.7620578778135049, 1e-15); /* SimpleITK: LabelOverlapMeasuresImageFilter */
    CHECK_NEAR(l.jaccard, 0.6155844155844156, 1e-15);
    mv_volume_free(T, &a), mv_volume_free(T, &b);
}
static void test_surface_errors(void) {
    mv_volume a, b;
    mv_surface_metrics m, was;
    mv_surface_opt o = {0};
    ellipsoids(&a, &b);
    memset(&was, 55, sizeof was);
    m = was;
    CHECK_STATUS(mv_metric_surface(T, NULL, &a, &b, NULL), MEDVOL_E_NULL);
    CHECK_STATUS(mv_metric_surface(T, &m, NULL, &b, NULL), MEDVOL_E_NULL);
    o.percentile = 101;
    CHECK_STATUS(mv_metric_surface(T, &m, &a, &b, &o), MEDVOL_E_RANGE);
    o.percentile = NAN;
    CHECK_STATUS(mv_metric_surface(T, &m, &a, &b, &o), MEDVOL_E_RANGE);
    o.percentile = 0, o.tolerance = -1;
    CHECK_STATUS(mv_metric_surface(T, &m, &a, &b, &o), MEDVOL_E_RANGE);
    o.tolerance = 0, o.by_label = 1, o.label = 2;
    CHECK_STATUS(mv_metric_surface(T, &m, &a, &b, &o), MEDVOL_E_EMPTY);
    CHECK(strstr(mv_message(T), "no voxel of a") != NULL);
    memset(b.data, 0, 17 * 15 * 13 * 2);
    CHECK_STATUS(mv_metric_surface(T, &m, &a, &b, NULL), MEDVOL_E_EMPTY);
    CHECK(strstr(mv_message(T), "no voxel of b") != NULL);
    a.affine[1] = b.affine[1] = 0.5;
    CHECK_STATUS(mv_metric_surface(T, &m, &a, &b, NULL), MEDVOL_E_UNSUPPORTED);
    mv_volume_free(T, &a), mv_volume_free(T, &b);
    make(&a, MEDVOL_U8, 3, 3, 3, 2);
    CHECK_STATUS(mv_metric_surface(T, &m, &a, &a, NULL), MEDVOL_E_SHAPE);
    mv_volume_free(T, &a);
    CHECK(memcmp(&m, &was, sizeof m) == 0);
}

/* ---- fields and points ---- */
static void errors_are(const mv_error_metrics *m, double *e, size_t n, uint64_t skipped) {
    double sum = 0, sq = 0;
    size_t i;
    CHECK(m->count == n && m->skipped == skipped);
    for (i = 0; i < n; i++) sum += e[i], sq += e[i] * e[i];
    CHECK_NEAR(m->mean, sum / (double)n, 1e-13 * m->mean);
    CHECK_NEAR(m->rms, sqrt(sq / (double)n), 1e-13 * m->rms);
    CHECK_NEAR(m->median, ranked(e, n, 50), 1e-7 * m->median);
    CHECK_NEAR(m->p95, ranked(e, n, 95), 1e-7 * m->p95);
    CHECK(m->max == e[n - 1]);
}
static void test_field(void) {
    static const size_t shapes[][5] = {{9, 8, 7, 1, 3}, {21, 13, 1, 1, 2}, {1, 1, 1, 1, 3},
        {60, 50, 26, 1, 3}, {17, 1, 1, 1, 2}};
    mv_volume a, b, mask;
    mv_error_metrics m;
    size_t s, i, c, n, k, frame;
    int with;
    t_seed(11);
    for (s = 0; s < 5; s++)
        for (with = 0; with < 3; with++) { /* both; in a mask; a alone */
            double *e;
            uint64_t skipped = 0;
            const size_t axes = shapes[s][4];
            if (mv_volume_alloc(T, &a, s == 1 ? MEDVOL_F64 : MEDVOL_F32, 5, shapes[s]) < 0 ||
                mv_volume_alloc(T, &b, MEDVOL_F32, 5, shapes[s]) < 0)
                abort();
            frame = mv_volume_count(&a) / axes;
            e = (double *)malloc(frame * sizeof *e);
            if (!e) abort();
            make(&mask, MEDVOL_F32, shapes[s][0], shapes[s][1], shapes[s][2], 1);
            for (i = 0; i < frame * axes; i++) set(&a, i, t_uniform(-9, 9)), set(&b, i, t_uniform(-9, 9));
            for (i = 0; i < frame; i++) set(&mask, i, t_bits() % 3 ? 0.5 : -1);
            set(&mask, 0, 1);
            for (i = 0; frame > 100 && i < 5; i++) set(&a, t_bits() % (frame * axes), i ? NAN : HUGE_VAL);
            if (frame > 100) set(&b, 7, -HUGE_VAL);
            for (n = i = 0; i < frame; i++) {
                double d = 0;
                for (c = 0; c < axes; c++) {
                    k = i + c * frame;
                    d += pow(value(&a, k) - (with == 2 ? 0 : value(&b, k)), 2);
                }
                if (with == 1 && !(value(&mask, i) > 0)) continue;
                if (isfinite(d)) e[n++] = sqrt(d);
                else skipped++;
            }
            if (CHECK_OK(mv_metric_field(T, &m, &a, with == 2 ? NULL : &b, with == 1 ? &mask : NULL)))
                errors_are(&m, e, n, skipped);
            mv_volume_free(T, &a), mv_volume_free(T, &b), mv_volume_free(T, &mask);
            free(e);
        }
}
static void test_field_errors(void) {
    static const size_t good[5] = {4, 4, 4, 1, 3}, flat[5] = {4, 4, 4, 1, 2}, series[5] = {4, 4, 4, 2, 3};
    mv_volume a, b, c, mask;
    mv_error_metrics m;
    if (mv_volume_alloc(T, &a, MEDVOL_F32, 5, good) < 0 || mv_volume_alloc(T, &b, MEDVOL_F32, 5, flat) < 0 ||
        mv_volume_alloc(T, &c, MEDVOL_F32, 5, series) < 0)
        abort();
    memset(a.data, 0, 4 * mv_volume_count(&a));
    make(&mask, MEDVOL_U8, 4, 4, 4, 1);
    CHECK_STATUS(mv_metric_field(T, NULL, &a, &a, NULL), MEDVOL_E_NULL);
    CHECK_STATUS(mv_metric_field(T, &m, NULL, &a, NULL), MEDVOL_E_NULL);
    CHECK_STATUS(mv_metric_field(T, &m, &b, NULL, NULL), MEDVOL_E_SHAPE);
    CHECK_STATUS(mv_metric_field(T, &m, &c, NULL, NULL), MEDVOL_E_SHAPE);
    CHECK_STATUS(mv_metric_field(T, &m, &a, &b, NULL), MEDVOL_E_SHAPE);
    CHECK_STATUS(mv_metric_field(T, &m, &mask, NULL, NULL), MEDVOL_E_SHAPE);
    CHECK_STATUS(mv_metric_field(T, &m, &a, &a, &mask), MEDVOL_E_EMPTY);
    CHECK_STATUS(mv_metric_field(T, &m, &a, &a, &a), MEDVOL_E_SHAPE);
    CHECK_OK(mv_metric_field(T, &m, &a, &a, NULL));
    CHECK(m.count == 64 && m.mean == 0 && m.max == 0 && m.p95 == 0 && m.median == 0 && m.rms == 0);
    mv_volume_free(T, &a), mv_volume_free(T, &b), mv_volume_free(T, &c), mv_volume_free(T, &mask);
}
static void test_points(void) {
    enum { MANY = 70003 };
    static double p[6][MANY], e[MANY];
    static const double x[3] = {0, 3, 6}, y[3] = {0, 4, 8}, o[3] = {0, 0, 0};
    mv_error_metrics m;
    size_t i;
    int c;
    CHECK_OK(mv_metric_points(T, &m, x, y, o, o, o, o, 3)); /* 0, 5, 10 */
    CHECK(m.count == 3 && m.mean == 5 && m.max == 10 && m.median == 5 && fabs(m.p95 - 9.5) < 1e-6);
    CHECK_NEAR(m.rms, sqrt(125.0 / 3), 1e-14);
    CHECK_OK(mv_metric_points(T, &m, x, y, o, y, x, o, 1));
    CHECK(m.count == 1 && m.max == 0);
    t_seed(12);
    for (i = 0; i < MANY; i++) {
        double d = 0;
        for (c = 0; c < 6; c++) p[c][i] = t_uniform(-50, 50);
        for (c = 0; c < 3; c++) d += (p[c][i] - p[c + 3][i]) * (p[c][i] - p[c + 3][i]);
        e[i] = sqrt(d);
    }
    p[1][MANY - 1] = NAN;
    CHECK_OK(mv_metric_points(T, &m, p[0], p[1], p[2], p[3], p[4], p[5], MANY));
    errors_are(&m, e, MANY - 1, 1);
    CHECK_STATUS(mv_metric_points(T, &m, p[0] + MANY - 1, p[1] + MANY - 1, p[2], p[3], p[4], p[5], 1),
        MEDVOL_E_EMPTY);
    CHECK_STATUS(mv_metric_points(T, &m, x, y, o, y, x, o, 0), MEDVOL_E_SIZE);
    CHECK_STATUS(mv_metric_points(T, &m, x, y, o, y, x, o, SIZE_MAX / 2), MEDVOL_E_SIZE);
    CHECK_STATUS(mv_metric_points(T, &m, x, NULL, o, y, x, o, 1), MEDVOL_E_NULL);
    CHECK_STATUS(mv_metric_points(T, NULL, x, y, o, y, x, o, 1), MEDVOL_E_NULL);
}

/* ---- cancelled at every report ---- */
static int reports, last_report;
static int stop(void *user, double done, double total, const char *label) {
    (void)user, (void)done, (void)total, (void)label;
    return ++reports == last_report;
}
static void test_cancelled(void) {
    static const size_t n[4] = {20, 20, 20, 1};
    mv_volume a, b, d = {0};
    mv_image_metrics m;
    mv_label_metrics l[8];
    mv_surface_metrics s;
    mv_metric_opt o = {0};
    int call, seen;
    t_seed(13);
    images(&a, &b, MEDVOL_U8, MEDVOL_U8, n);
    mv_affine_identity(a.affine), mv_affine_identity(b.affine);
    o.what = MEDVOL_METRIC_ALL;
    T->desc.progress = stop;
    for (call = 0; call < 4; call++)
        for (last_report = 1, seen = 0; last_report < 1000; last_report++) {
            mv_status st;
            reports = 0;
            st = call == 0 ? mv_metric_image(T, &m, &a, &b, &o)
                : call == 1 ? mv_distance(T, &d, &a, &(mv_distance_opt){.threshold = 60, .mode = 2})
                : call == 2 ? mv_metric_labels(T, l, 8, NULL, NULL, &a, &b, NULL)
                            : mv_metric_surface(T, &s, &a, &b, NULL);
            CHECK(call == 1 || d.data == NULL);
            mv_volume_free(T, &d);
            if (st != MEDVOL_E_CANCELLED) {
                CHECK(st == MEDVOL_OK || st == MEDVOL_E_SPACE);
                CHECK(last_report > reports && seen > 0);
                break;
            }
            seen++;
        }
    T->desc.progress = NULL;
    mv_volume_free(T, &a), mv_volume_free(T, &b);
}

/* ---- the map of local correlation: each window by itself, two passes in long double ---- */
static int counts(const mv_volume *a, const mv_volume *b, const mv_volume *mask, const size_t *x) {
    size_t at = 0, am = 0, step = 1, stem = 1;
    int d;
    for (d = 0; d < 4; d++) {
        at += x[d] * step, step *= a->dim[d];
        if (mask) am += (mask->dim[d] == 1 ? 0 : x[d]) * stem, stem *= mask->dim[d];
    }
    if (mask && !(value(mask, am) > 0)) return 0;
    return isfinite(value(a, at)) && isfinite(value(b, at)) ? 1 : -1;
}
static double local_r(const mv_volume *a, const mv_volume *b, const mv_volume *mask, const size_t *c,
                      const size_t *radius, int *sure) {
    long double n = 0, ma = 0, mb = 0, aa = 0, bb = 0, ab = 0;
    size_t lo[3], hi[3], x[4];
    int pass, d;
    for (d = 0; d < 3; d++) {
        lo[d] = c[d] > radius[d] ? c[d] - radius[d] : 0;
        hi[d] = c[d] + radius[d] < a->dim[d] ? c[d] + radius[d] : a->dim[d] - 1;
    }
    x[3] = c[3];
    for (pass = 0; pass < 2; pass++) {
        for (x[2] = lo[2]; x[2] <= hi[2]; x[2]++)
            for (x[1] = lo[1]; x[1] <= hi[1]; x[1]++)
                for (x[0] = lo[0]; x[0] <= hi[0]; x[0]++) {
                    const size_t at = x[0] + a->dim[0] * (x[1] + a->dim[1] * (x[2] + a->dim[2] * x[3]));
                    long double u, v;
                    if (counts(a, b, mask, x) != 1) continue;
                    u = (long double)value(a, at), v = (long double)value(b, at);
                    if (!pass) n++, ma += u, mb += v;
                    else aa += (u - ma) * (u - ma), bb += (v - mb) * (v - mb), ab += (u - ma) * (v - mb);
                }
        if (!pass && n > 0) ma /= n, mb /= n;
    }
    *sure = n < 1 || (aa > 1e-4L * n && bb > 1e-4L * n) || aa < 1e-18L * n || bb < 1e-18L * n;
    return n > 0 && aa > 1e-18L * n && bb > 1e-18L * n ? (double)(ab / sqrtl(aa * bb)) : 0;
}
static void map_against(const mv_volume *a, const mv_volume *b, const mv_ncc_map_opt *o, double tol) {
    mv_volume r = {0};
    size_t i, x[4], radius[3], unsure = 0;
    double worst = 0;
    int d, c, sure, wrong = 0;
    for (d = 0; d < 3; d++) radius[d] = o && o->radius[0] + o->radius[1] + o->radius[2] ? o->radius[d] : 2;
    if (!CHECK_OK(mv_ncc_map(T, &r, a, b, o))) return;
    CHECK(r.dtype == MEDVOL_F32 && !memcmp(r.affine, a->affine, sizeof r.affine) && r.slope == 0);
    for (i = 0; i < mv_volume_count(a); i++) {
        const double got = (double)((const float *)r.data)[i];
        double want;
        for (d = 0, x[0] = i; d < 3; d++) x[d + 1] = x[d] / a->dim[d], x[d] %= a->dim[d];
        c = counts(a, b, o ? o->mask : NULL, x);
        if (c != 1) {
            wrong += c == 0 ? got != 0 : got == got;
            continue;
        }
        want = local_r(a, b, o ? o->mask : NULL, x, radius, &sure);
        if (want == 0 && sure && o && o->nan) {
            wrong += got == got;
            continue;
        }
        unsure += !sure;
        if (!sure) continue;
        if (o && o->squared) want *= want;
        if (fabs(got - want) > worst || got != got) worst = got != got ? 9 : fabs(got - want);
    }
    CHECK(wrong == 0 && worst <= tol && unsure * 20 <= mv_volume_count(a));
    if (wrong || worst > tol) fprintf(stderr, "  worst %g, wrong %d, unsure %zu\n", worst, wrong, unsure);
    mv_volume_free(T, &r);
}
static void test_map(void) { /* types, shapes, radii, masks, values that do not count */
    static const size_t shapes[][4] = {{2, 1, 1, 1}, {1, 5, 1, 1}, {8, 5, 1, 1}, {17, 9, 2, 1}, {13, 9, 7, 2},
        {1, 1, 23, 1}, {21, 12, 1, 3}, {9, 11, 35, 1}};
    static const size_t radii[][3] = {{0, 0, 0}, {1, 1, 1}, {3, 0, 1}, {0, 2, 16}, {5, 4, 3}};
    mv_volume a, b, mask;
    size_t i, k;
    t_seed(40);
    for (k = 0; k < 12; k++) {
        const size_t *n = shapes[k % 8];
        mv_ncc_map_opt o = {0};
        images(&a, &b, t_real_types[k], t_real_types[(5 * k + 3) % 12], n);
        a.slope = 0.5, a.inter = k % 2 ? 1000 : 0;
        map_against(&a, &b, NULL, 2e-5);
        memcpy(o.radius, radii[k % 5], sizeof o.radius);
        o.squared = k % 3 == 1, o.nan = k % 2;
        map_against(&a, &b, &o, 2e-5);
        make(&mask, t_real_types[(k + 5) % 12], n[0], n[1], n[2], k % 2 ? 1 : n[3]);
        for (i = 0; i < mv_volume_count(&mask); i++) set(&mask, i, (double)(t_bits() % 3));
        for (i = 0; i < 4; i++) {
            if (a.dtype == MEDVOL_F32 || a.dtype == MEDVOL_F64)
                set(&a, t_bits() % mv_volume_count(&a), i % 2 ? (double)NAN : HUGE_VAL);
            if (b.dtype == MEDVOL_F32 || b.dtype == MEDVOL_F64)
                set(&b, t_bits() % mv_volume_count(&b), i % 2 ? (double)NAN : -HUGE_VAL);
        }
        map_against(&a, &b, &o, 2e-5);
        o.mask = &mask;
        map_against(&a, &b, &o, 2e-5);
        mv_volume_free(T, &a), mv_volume_free(T, &b), mv_volume_free(T, &mask);
    }
}
static void test_map_closed(void) {
    static const size_t n[4] = {19, 14, 9, 1};
    static uint32_t seen;
    mv_volume a, b, r = {0}, s = {0}, ga, gb, wa, wb, series = {0}, other = {0}, one = {0}, far, mask;
    mv_ncc_map_opt o = {0};
    mv_metric_opt m = {0};
    mv_image_metrics q, masked;
    size_t i, count;
    double sum = 0;
    int sign, ok;
    t_seed(41);
    images(&a, &b, MEDVOL_F32, MEDVOL_F32, n);
    count = mv_volume_count(&a);
    for (i = 0; i < count; i++) ((float *)a.data)[i] = 1e6f + (float)t_normal(); /* a mean far away */
    map_against(&a, &b, NULL, 2e-5);
    for (sign = -1; sign <= 1; sign += 2) { /* of a x + b: the sign of a */
        for (ok = 1, i = 0; i < count; i++) ((float *)b.data)[i] = 4.0f * (float)sign * (((float *)a.data)[i] - 1e6f) + 3;
        CHECK_OK(mv_ncc_map(T, &r, &a, &b, NULL));
        for (i = 0; i < count; i++) ok &= fabs((double)((float *)r.data)[i] - sign) <= 1e-6;
        CHECK(ok);
    }
    for (i = 0; i < count; i++) ((float *)b.data)[i] = (float)t_normal() + 1e-3f * (float)i; /* the mean of r^2 is LNCC */
    o.squared = 1, m.what = MEDVOL_METRIC_LNCC;
    CHECK_OK(mv_ncc_map(T, &r, &a, &b, &o));
    CHECK_OK(mv_metric_image(T, &q, &a, &b, &m));
    for (i = 0; i < count; i++) sum += (double)((float *)r.data)[i];
    CHECK_NEAR(sum / (double)count, q.lncc, 1e-7);
    if (!seen) seen = t_crc32(0, r.data, count * 4); /* at every level */
    CHECK(seen == t_crc32(0, r.data, count * 4));
    gaps(&ga, &wa, &a), gaps(&gb, &wb, &b); /* in every layout */
    CHECK_OK(mv_ncc_map(T, &s, &ga, &gb, &o));
    CHECK(!memcmp(s.data, r.data, count * 4));
    mv_volume_free(T, &wa), mv_volume_free(T, &wb), mv_volume_free(T, &s);
    make(&series, MEDVOL_F32, n[0], n[1], n[2], 3), make(&other, MEDVOL_F32, n[0], n[1], n[2], 3);
    for (i = 0; i < 3 * count; i++) { /* each image of a series as if it were alone */
        ((float *)series.data)[i] = i / count == 1 ? ((float *)a.data)[i % count] : 1e9f * (float)(i / count);
        ((float *)other.data)[i] = i / count == 1 ? ((float *)b.data)[i % count] : (float)(i % 9);
    }
    o.nan = 1;
    CHECK_OK(mv_ncc_map(T, &s, &series, &other, &o));
    CHECK(!memcmp((float *)s.data + count, r.data, count * 4));
    for (ok = 1, i = 0; i < count; i++) /* constants: what stands for r */
        ok &= ((float *)s.data)[i] != ((float *)s.data)[i] &&
              ((float *)s.data)[i + 2 * count] != ((float *)s.data)[i + 2 * count];
    CHECK(ok);
    for (i = 0; i < count; i++) ((float *)a.data)[i] = 0.1f + (i % n[0] > 9 ? (float)(i % 4) : 0.0f);
    o.nan = o.squared = 0, o.radius[0] = 1;
    map_against(&a, &b, &o, 2e-5);
    CHECK_OK(mv_ncc_map(T, &one, &a, &b, &o)); /* windows that are constant */
    for (ok = 1, i = 0; i < count; i++) ok &= i % n[0] > 8 || ((float *)one.data)[i] == 0;
    CHECK(ok);
    CHECK_OK(mv_ncc_map(T, &a, &a, &b, &o)); /* a gets new memory */
    CHECK(!memcmp(a.data, one.data, count * 4));
    /* what the mask leaves out does not matter, however large; nor to the mean of r^2 */
    make(&far, MEDVOL_F64, n[0], n[1], n[2], 1), make(&mask, MEDVOL_U8, n[0], n[1], n[2], 1);
    memcpy(far.affine, b.affine, sizeof far.affine), memcpy(mask.affine, b.affine, sizeof mask.affine);
    for (i = 0; i < count; i++) ((uint8_t *)mask.data)[i] = i % n[0] > 2, ((double *)far.data)[i] = t_normal();
    o.mask = m.mask = &mask;
    CHECK_OK(mv_ncc_map(T, &one, &far, &b, &o));
    CHECK_OK(mv_metric_image(T, &q, &far, &b, &m));
    for (i = 0; i < count; i++)
        if (i % n[0] <= 2) ((double *)far.data)[i] = -1.7e308;
    CHECK_OK(mv_ncc_map(T, &r, &far, &b, &o));
    CHECK(!memcmp(r.data, one.data, count * 4));
    CHECK_OK(mv_metric_image(T, &masked, &far, &b, &m));
    CHECK(masked.lncc == q.lncc && q.lncc > 0);
    mv_volume_free(T, &far), mv_volume_free(T, &mask);
    mv_volume_free(T, &a), mv_volume_free(T, &b), mv_volume_free(T, &r), mv_volume_free(T, &s);
    mv_volume_free(T, &series), mv_volume_free(T, &other), mv_volume_free(T, &one);
}
static int map_stop(void *user, double done, double total, const char *label) {
    (void)done, (void)total;
    CHECK(!strcmp(label, "ncc_map"));
    return ++*(int *)user > 0;
}
static void test_map_errors(void) {
    static const size_t n[4] = {9, 8, 7, 1};
    mv_volume a, b, c, mask, dst = {0}, rgb;
    mv_ncc_map_opt o = {0};
    int calls = 0;
    images(&a, &b, MEDVOL_F32, MEDVOL_F32, n);
    make(&c, MEDVOL_F32, 9, 7, 8, 1), make(&mask, MEDVOL_U8, 9, 8, 7, 1);
    rgb = a, rgb.dtype = MEDVOL_RGB24;
    CHECK_STATUS(mv_ncc_map(T, NULL, &a, &b, NULL), MEDVOL_E_NULL);
    CHECK_STATUS(mv_ncc_map(T, &dst, NULL, &b, NULL), MEDVOL_E_NULL);
    CHECK_STATUS(mv_ncc_map(T, &dst, &a, NULL, NULL), MEDVOL_E_NULL);
    CHECK_STATUS(mv_ncc_map(T, &dst, &a, &c, NULL), MEDVOL_E_SHAPE);
    CHECK_STATUS(mv_ncc_map(T, &dst, &rgb, &b, NULL), MEDVOL_E_DTYPE);
    CHECK_STATUS(mv_ncc_map(T, &c, &a, &b, NULL), MEDVOL_E_SHAPE);
    CHECK_STATUS(mv_ncc_map(T, &mask, &a, &b, NULL), MEDVOL_E_DTYPE);
    CHECK_STATUS(mv_ncc_map(T, &b, &a, &b, NULL), MEDVOL_E_ALIAS);
    o.radius[1] = 17;
    CHECK_STATUS(mv_ncc_map(T, &dst, &a, &b, &o), MEDVOL_E_RANGE);
    CHECK(strstr(mv_message(T), "radius[1] = 17"));
    o.radius[1] = 1, o.mask = &c;
    CHECK_STATUS(mv_ncc_map(T, &dst, &a, &b, &o), MEDVOL_E_SHAPE);
    o.mask = &mask;
    CHECK_OK(mv_ncc_map(T, &dst, &a, &b, &o)); /* none is in the mask: none has r */
    CHECK(((float *)dst.data)[5] == 0);
    mv_volume_free(T, &dst);
    T->desc.progress = map_stop, T->desc.progress_user = &calls;
    CHECK_STATUS(mv_ncc_map(T, &dst, &a, &b, NULL), MEDVOL_E_CANCELLED);
    CHECK(!dst.data);
    T->desc.progress = NULL;
    mv_volume_free(T, &a), mv_volume_free(T, &b), mv_volume_free(T, &c), mv_volume_free(T, &mask);
}
const t_case tests_measure[] = {
    {"map", test_map, 0},
    {"map/closed", test_map_closed, 0},
    {"map/errors", test_map_errors, 0},
    {"image/types", test_image_types, 0},
    {"image/shapes", test_image_shapes, 0},
    {"image/ssim", test_image_ssim, 0},
    {"image/masks", test_image_masks, 0},
    {"image/chunks", test_image_chunks, 0},
    {"image/closed", test_image_closed, 0},
    {"image/joint", test_image_joint, 0},
    {"image/peers", test_image_peers, 0},
    {"image/errors", test_image_errors, 0},
    {"distance", test_distance, 0},
    {"distance/far", test_distance_far, 0},
    {"distance/extremes", test_distance_extremes, 0},
    {"distance/peer", test_distance_peer, 0},
    {"distance/errors", test_distance_errors, 0},
    {"labels", test_labels, 0},
    {"labels/given", test_labels_given, 0},
    {"labels/many", test_labels_many, 0},
    {"labels/errors", test_labels_errors, 0},
    {"surface", test_surface, 0},
    {"surface/peers", test_surface_peers, 0},
    {"surface/errors", test_surface_errors, 0},
    {"field", test_field, 0},
    {"field/errors", test_field_errors, 0},
    {"points", test_points, 0},
    {"cancelled", test_cancelled, 0},
    {NULL, NULL, 0},
};
