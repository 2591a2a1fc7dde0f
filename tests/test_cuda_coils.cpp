/* test_cuda_coils.cpp - [COILS] of medvol_cuda.h beside medvol.h: combination within some ulp, matrices within
   doubles, maps as far as vectors are defined; geometry, statuses, graphs. */
#include "cuda_test.h"

/* ---- made up data ---- */
static const double turn = 6.283185307179586477;
static void number(void *p, mv_dtype t, double re, double im) {
    if (t == MEDVOL_C64) ((float *)p)[0] = (float)re, ((float *)p)[1] = (float)im;
    else if (t == MEDVOL_C128) ((double *)p)[0] = re, ((double *)p)[1] = im;
    else if (t == MEDVOL_F32) *(float *)p = (float)re;
}
static double normal(void) { return sqrt(-2.0 * log(1.0 - uniform())) * cos(turn * uniform()); }
/* noise around, and in a view between, the voxels */
static void noisy(twin *t, mv_dtype type, int ndim, const size_t *dim, int layout) {
    twin_make(t, type, ndim, dim, layout);
    twin_place(t);
    t->host.slope = t->device.slope = 1.0, t->host.inter = t->device.inter = 0.0;
    each(&t->host, [&](unsigned char *p) { number(p, type, normal(), normal()); });
    send(t);
}
/* value of coil c, which sits on a circle about the middle, at x, y, z of 0..1 */
static void coil_at(double *re, double *im, double x, double y, double z, size_t c, size_t coils) {
    const double a = turn * ((double)c + 0.3) / (double)coils, dx = x - 0.5 - 0.7 * cos(a), dy = y - 0.5 - 0.7 * sin(a);
    const double s = exp(-1.3 * (dx * dx + dy * dy + 0.2 * (z - 0.3) * (z - 0.3) * (1.0 + 0.1 * (double)c)));
    const double phase = a + 1.5 * x * cos(a) - 1.1 * y * sin(a) + 0.4 * z;
    *re = s * cos(phase), *im = s * sin(phase);
}
/* images of an ellipsoid with some texture and phase, by such coils, and a little noise; dim: x, y, z, coil */
static void images(twin *t, mv_dtype type, const size_t *dim, double noise, int layout) {
    size_t i = 0;
    twin_make(t, type, 4, dim, layout);
    twin_place(t);
    t->host.slope = t->device.slope = 1.0, t->host.inter = t->device.inter = 0.0;
    each(&t->host, [&](unsigned char *p) {
        const size_t k = i++, c = k / (dim[0] * dim[1] * dim[2]);
        const double x = ((double)(k % dim[0]) + 0.5) / (double)dim[0];
        const double y = ((double)(k / dim[0] % dim[1]) + 0.5) / (double)dim[1];
        const double z = ((double)(k / dim[0] / dim[1] % dim[2]) + 0.5) / (double)dim[2];
        const double r = hypot((x - 0.5) / 0.42, (y - 0.47) / 0.38);
        const double m = r < 1.0 ? 1.0 + 0.5 * sin(9.0 * x) * cos(7.0 * y) + 0.2 * z : 0.0, f = 2.0 * x - y + 0.5 * z;
        double a, b;
        coil_at(&a, &b, x, y, z, c, dim[3]);
        number(p, type, m * (a * cos(f) - b * sin(f)) + noise * normal(), m * (a * sin(f) + b * cos(f)) + noise * normal());
    });
    send(t);
}

/* ---- comparison ---- */
struct pair {
    mv_volume want, got;
};
static void pair_make(pair *p, const mv_volume *want, const mv_cuda_volume *got, int line) {
    memset(p, 0, sizeof *p);
    check_status(mv_volume_copy(&cpu, &p->want, want), MEDVOL_OK, "copy", line);
    check_status(mv_cuda_download(&gpu, &p->got, got, MEDVOL_NONE, NULL), MEDVOL_OK, mv_cuda_message(&gpu), line);
}
static void pair_free(pair *p) {
    mv_volume_free(&cpu, &p->want);
    mv_volume_free(&cpu, &p->got);
}
/* the largest difference, over the largest value; what is not finite must not be so in both */
static double apart(const pair *p) {
    const size_t n = mv_volume_count(&p->want) * (mv_dtype_size(p->want.dtype) / 4);
    const float *a = (const float *)p->want.data, *b = (const float *)p->got.data;
    double most = 0.0, off = 0.0;
    size_t i;
    for (i = 0; i < n; i++) {
        const double x = (double)a[i], y = (double)b[i];
        if (!(x - x == 0.0) || !(y - y == 0.0)) {
            if (x - x == 0.0 || y - y == 0.0) off = 1e30;
            continue;
        }
        most = fmax(most, fabs(x));
        off = fmax(off, fabs(x - y));
    }
    return off > 0.0 ? off / (most > 0.0 ? most : 1.0) : 0.0;
}
static void alike(const mv_volume *want, const mv_cuda_volume *got, double tolerance, int line) {
    char said[96];
    double off = 1e30;
    pair p;
    check(want->dtype == got->dtype && want->ndim == got->ndim && !memcmp(want->dim, got->dim, sizeof got->dim),
          "type and shape", line);
    check(!memcmp(want->affine, got->affine, sizeof got->affine), "affine", line);
    check(!memcmp(want->step, got->step, sizeof got->step), "steps", line);
    check(want->slope == got->slope && want->inter == got->inter, "scaling", line);
    pair_make(&p, want, got, line);
    if (p.got.data && mv_volume_count(&p.got) == mv_volume_count(want)) {
        off = apart(&p);
        keep(p.got.data, mv_volume_count(&p.got) * mv_dtype_size(p.got.dtype));
    }
    snprintf(said, sizeof said, "apart by %g, not %g", off, tolerance);
    check(off <= tolerance, said, line);
    pair_free(&p);
}
static void same_block(const twin *t, int line) {
    unsigned char *got = (unsigned char *)malloc(t->bytes);
    check(dev_get(got, t->there, t->bytes), "back", line);
    check(!memcmp(got, t->block, t->bytes), "bytes as they were", line);
    free(got);
}
/* One call by both: into new memory, into a view with gaps, whose surroundings stay, and over src's struct. */
template <class C, class G> static void both(twin *a, double tolerance, C on_cpu, G on_gpu, int line) {
    mv_volume h, d;
    twin b;
    mv_status want;
    if (spared()) return;
    memset(&h, 0, sizeof h), memset(&d, 0, sizeof d);
    snprintf(about, sizeof about, "%s %zux%zux%zux%zux%zu", mv_dtype_name(a->host.dtype), a->host.dim[0], a->host.dim[1],
             a->host.dim[2], a->host.dim[3], a->host.dim[4]);
    want = on_cpu(&h, &a->host);
    settled_at(on_gpu(&d, &a->device), want, __FILE__, line);
    if (want < 0) {
        check(d.data == NULL, "dst as it was", line);
        return;
    }
    alike(&h, &d, tolerance, line);
    same_block(a, line);
    twin_make(&b, h.dtype, h.ndim, h.dim, VIEW);
    settled_at(on_gpu(&b.device, &a->device), MEDVOL_OK, __FILE__, line);
    alike(&h, &b.device, tolerance, line);
    {
        mv_volume got;
        unsigned char *block = (unsigned char *)malloc(b.bytes);
        memset(&got, 0, sizeof got);
        check_status(mv_cuda_download(&gpu, &got, &b.device, MEDVOL_NONE, NULL), MEDVOL_OK, "view", line);
        check(dev_get(block, b.there, b.bytes), "back", line);
        size_t i = 0;
        const size_t size = mv_dtype_size(h.dtype);
        each(&b.host, [&](unsigned char *p) { memcpy(p, (unsigned char *)got.data + size * i++, size); });
        check(!memcmp(block, b.block, b.bytes), "what lies around the view", line);
        free(block);
        mv_volume_free(&cpu, &got);
    }
    twin_free(&b);
    mv_cuda_volume_free(&gpu, &d);
    d = a->device;
    settled_at(on_gpu(&d, &d), MEDVOL_OK, __FILE__, line);
    alike(&h, &d, tolerance, line);
    if (d.data != a->device.data) mv_cuda_volume_free(&gpu, &d);
    else send(a); /* in place */
    mv_volume_free(&cpu, &h);
}
#define BOTH(a, tolerance, CPU, GPU)                                            \
    both(a, tolerance, [&](mv_volume *to, const mv_volume *of) { return CPU; }, \
         [&](mv_volume *to, const mv_volume *of) { return GPU; }, __LINE__)

static const size_t shapes[][5] = {{17, 5, 1, 3, 1}, {1, 1, 1, 1, 1},   {31, 3, 2, 5, 2}, {33, 31, 2, 8, 1}, {64, 2, 1, 9, 3},
                                   {257, 3, 1, 4, 1}, {256, 4, 1, 8, 2}, {1, 6, 7, 2, 1},  {514, 1, 1, 13, 1}};
enum { SHAPES = sizeof shapes / sizeof *shapes };
static int axes(const size_t *d) { return d[4] > 1 ? 5 : 4; }
static mv_dtype kind(size_t k) { return k % 4 == 2 ? MEDVOL_C128 : MEDVOL_C64; }

/* ---- combination ---- */
static void test_rss(void) {
    mv_coil_rss_opt o;
    size_t k;
    o.noise = 0.7;
    for (k = 0; k < 3 * SHAPES; k++) {
        const size_t *d = shapes[k % SHAPES];
        twin a;
        noisy(&a, kind(k), axes(d), d, (int)(k / SHAPES));
        BOTH(&a, 3e-7, mv_coil_rss(&cpu, to, of, NULL), mv_cuda_coil_rss(&gpu, to, of, NULL));
        BOTH(&a, 5e-4, mv_coil_rss(&cpu, to, of, &o), mv_cuda_coil_rss(&gpu, to, of, &o));
        twin_free(&a);
    }
    for (k = 0; k < 2; k++) { /* not finite, large and small, all 0, fewer axes; scaled numbers */
        const size_t d[4] = {6, k ? 3u : 4u, 1, 3};
        size_t i = 0;
        twin a;
        noisy(&a, MEDVOL_C64, 4, d, k ? SHIFTED : PLAIN);
        each(&a.host, [&](unsigned char *p) {
            const size_t v = i++ % (d[0] * d[1]);
            if (v == 2) number(p, MEDVOL_C64, NAN, 1);
            if (v == 5) number(p, MEDVOL_C64, 1, HUGE_VAL);
            if (v == 7) number(p, MEDVOL_C64, 1e18, 1e18);
            if (v == 8) number(p, MEDVOL_C64, 1e-18, -1e-18);
            if (v == 11) number(p, MEDVOL_C64, 0, 0);
        });
        send(&a);
        BOTH(&a, 3e-7, mv_coil_rss(&cpu, to, of, NULL), mv_cuda_coil_rss(&gpu, to, of, NULL));
        twin_free(&a);
        noisy(&a, MEDVOL_C64, 2, d, PLAIN);
        BOTH(&a, 3e-7, mv_coil_rss(&cpu, to, of, NULL), mv_cuda_coil_rss(&gpu, to, of, NULL));
        a.host.slope = a.device.slope = 2.5, a.host.inter = a.device.inter = k ? 0.25 : 0.0;
        BOTH(&a, 3e-7, mv_coil_rss(&cpu, to, of, NULL), mv_cuda_coil_rss(&gpu, to, of, NULL));
        twin_free(&a);
    }
}
static void test_combine(void) {
    size_t k, i;
    for (k = 0; k < 4 * SHAPES; k++) {
        const size_t *d = shapes[k % SHAPES], n = d[0] * d[1] * d[2], sets = 1 + k / SHAPES % 4;
        size_t at = 0, shape[7] = {d[0], d[1], d[2], sets, d[4], 1, 1};
        mv_coil_combine_opt o;
        twin a, m, image;
        o.normalize = (int)(k % 2);
        noisy(&a, kind(k), axes(d), d, (int)(k % LAYOUTS));
        {
            const size_t dim[5] = {d[0], d[1], d[2], d[3], sets};
            noisy(&m, kind(k + 1), sets > 1 ? 5 : 4, dim, (int)(k / 2 % LAYOUTS));
        }
        each(&m.host, [&](unsigned char *p) { /* no coil sees the first voxel; the second set is not finite in one */
            if (at % n == 0) number(p, m.host.dtype, 0, 0);
            if (at % n == 3 && at / n / d[3] == 1) number(p, m.host.dtype, NAN, 0);
            at++;
        });
        send(&m);
        for (i = 0; i < 2; i++) {
            const mv_volume *hm = &m.host, *dm = &m.device;
            BOTH(&a, 1e-6, mv_coil_combine(&cpu, to, of, hm, i ? &o : NULL), mv_cuda_coil_combine(&gpu, to, of, dm, i ? &o : NULL));
        }
        if (sets == 1) shape[3] = d[4], shape[4] = 1;
        noisy(&image, kind(k + 2), shape[4] > 1 ? 5 : shape[3] > 1 ? 4 : 3, shape, (int)(k / 3 % LAYOUTS));
        for (i = 0; i < 2; i++) {
            const mv_volume *hm = &m.host, *dm = &m.device;
            BOTH(&image, 1e-6, mv_coil_expand(&cpu, to, of, hm, i ? &o : NULL),
                 mv_cuda_coil_expand(&gpu, to, of, dm, i ? &o : NULL));
        }
        twin_free(&a), twin_free(&m), twin_free(&image);
    }
}

/* ---- matrices ---- */
static void test_apply(void) {
    static const size_t rows[] = {1, 3, 8, 9, 17, 33, 64, 70};
    size_t k, i;
    for (k = 0; k < 2 * SHAPES; k++) {
        const size_t *d = shapes[k % SHAPES], r = k < SHAPES ? rows[k % 8] : d[3];
        double *m = (double *)malloc(2 * r * d[3] * sizeof *m);
        size_t at = 0;
        twin a;
        for (i = 0; i < 2 * r * d[3]; i++) m[i] = normal();
        noisy(&a, kind(k), axes(d), d, (int)(k % LAYOUTS));
        each(&a.host, [&](unsigned char *p) { if (at++ % (d[0] * d[1] * d[2]) == 3) number(p, kind(k), NAN, 0); });
        send(&a);
        BOTH(&a, 1e-6, mv_coil_apply(&cpu, to, of, m, r), mv_cuda_coil_apply(&gpu, to, of, m, r));
        twin_free(&a);
        free(m);
    }
    for (k = 0; k < 4; k++) { /* many coils: several stretches of them, several passes of rows; in place */
        const size_t c = k < 2 ? 64 : 70, d[4] = {k % 2 ? 33u : 34u, 5, 1, c};
        double *m = (double *)malloc(2 * c * c * sizeof *m);
        twin a;
        for (i = 0; i < 2 * c * c; i++) m[i] = normal();
        noisy(&a, MEDVOL_C64, 4, d, k ? PLAIN : VIEW);
        BOTH(&a, 2e-6, mv_coil_apply(&cpu, to, of, m, c), mv_cuda_coil_apply(&gpu, to, of, m, c));
        twin_free(&a);
        free(m);
    }
}
static void close_to(const double *want, const double *got, size_t n, double tolerance, int line) {
    double off = 0.0, most = 0.0;
    char said[96];
    size_t i;
    for (i = 0; i < n; i++) {
        most = fmax(most, fabs(want[i]));
        off = fmax(off, fabs(want[i] - got[i]) == fabs(want[i] - got[i]) ? fabs(want[i] - got[i]) : 1e30);
    }
    snprintf(said, sizeof said, "doubles apart by %g of %g, not %g", off, most, tolerance);
    check(off <= tolerance * most, said, line);
    keep(got, n * sizeof *got);
}
static void test_noise(void) { /* all sizes of tiles, several tiles, chunks, frames */
    static const size_t dims[][5] = {{37, 23, 1, 5, 3}, {64, 16, 1, 8, 1}, {67, 61, 1, 3, 1}, {40, 40, 1, 13, 2},
                                     {257, 3, 1, 16, 1}, {64, 33, 1, 17, 1}, {19, 2, 1, 70, 1}, {2, 1, 1, 1, 1}};
    size_t k, i;
    for (k = 0; k < sizeof dims / sizeof *dims; k++) {
        const size_t *d = dims[k], c = d[3];
        double *want = (double *)malloc(4 * c * c * sizeof *want), *got = want + 2 * c * c;
        twin a;
        noisy(&a, kind(k), axes(d), d, (int)(k % LAYOUTS));
        memset(want, 0, 4 * c * c * sizeof *want);
        CHECK_STATUS(mv_coil_noise(&cpu, want, &a.host), MEDVOL_OK);
        CHECK_STATUS(mv_cuda_coil_noise(&gpu, got, &a.device), MEDVOL_OK);
        close_to(want, got, 2 * c * c, 1e-12, __LINE__);
        for (i = 0; i < c; i++) CHECK(got[2 * (i + i * c) + 1] == 0.0);
        BOTH(&a, 2e-6, mv_coil_whiten(&cpu, to, of, want), mv_cuda_coil_whiten(&gpu, to, of, want));
        twin_free(&a);
        free(want);
    }
}
static void test_compress(void) {
    static const size_t dims[][4] = {{21, 18, 3, 6}, {32, 7, 1, 12}, {16, 9, 1, 20}};
    size_t k;
    for (k = 0; k < 6; k++) {
        const size_t *d = dims[k % 3], c = d[3], rows = k % 3 == 1 ? c : 3;
        double *want = (double *)malloc((4 * rows * c + 2 * c) * sizeof *want), *got = want + 2 * rows * c;
        double *ew = got + 2 * rows * c, *eg = ew + c;
        mv_coil_compress_opt o;
        twin a;
        images(&a, kind(k), d, 0.05, (int)(k % LAYOUTS));
        o.calib[0] = k < 3 ? 0 : 9, o.calib[1] = 6, o.calib[2] = 0;
        CHECK_STATUS(mv_coil_compress_matrix(&cpu, want, ew, rows, &a.host, k == 1 ? NULL : &o), MEDVOL_OK);
        CHECK_STATUS(mv_cuda_coil_compress_matrix(&gpu, got, eg, rows, &a.device, k == 1 ? NULL : &o), MEDVOL_OK);
        close_to(want, got, 2 * rows * c, 1e-8, __LINE__);
        close_to(ew, eg, c, 1e-11, __LINE__);
        CHECK_STATUS(mv_cuda_coil_compress_matrix(&gpu, got, NULL, rows, &a.device, NULL), MEDVOL_OK);
        BOTH(&a, 2e-6, mv_coil_compress(&cpu, to, of, rows, &o), mv_cuda_coil_compress(&gpu, to, of, rows, &o));
        twin_free(&a);
        free(want);
    }
}

/* the complex values of h, in twins of a type */
static void as_type(twin *t, mv_dtype type, int layout, const mv_volume *h) {
    const float *e = (const float *)h->data;
    twin_make(t, type, h->ndim, h->dim, layout);
    twin_place(t);
    t->host.slope = t->device.slope = 1.0, t->host.inter = t->device.inter = 0.0;
    each(&t->host, [&](unsigned char *p) {
        number(p, type, (double)e[0], (double)e[1]);
        e += 2;
    });
    send(t);
}
/* K-space of coils whose mixture of three sources, of falling strength, changes along x; x = 3: nothing. */
static void mixture(twin *t, mv_dtype type, const size_t *d, int layout) {
    const size_t nx = d[0], voxels = d[0] * d[1] * d[2], frames = d[4];
    mv_volume img, h;
    mv_fft_opt o;
    size_t v, c, k;
    memset(&img, 0, sizeof img), memset(&h, 0, sizeof h), memset(&o, 0, sizeof o);
    CHECK_STATUS(mv_volume_alloc(&cpu, &img, MEDVOL_C64, 5, d), MEDVOL_OK);
    for (v = 0; v < voxels * frames; v++) {
        const size_t x = v % nx;
        const double u = (double)x / (double)nx, strength[3] = {1.0, 0.4, 0.15};
        double s[6];
        for (k = 0; k < 6; k++) s[k] = (x == 3 ? 0.0 : 1.0) * normal();
        for (c = 0; c < d[3]; c++) {
            float *q = (float *)img.data + 2 * (v % voxels + voxels * (c + d[3] * (v / voxels)));
            q[0] = q[1] = 0.0f;
            for (k = 0; k < 3; k++) {
                const double a = (1.0 + (double)k) * (u + (double)c) + 0.7 * (double)k, b = strength[k] * cos(a);
                q[0] += (float)(b * (s[2 * k] - u * s[2 * k + 1]));
                q[1] += (float)(b * (s[2 * k + 1] + u * s[2 * k]));
            }
        }
    }
    o.axes = 1;
    o.flags = MEDVOL_FFT_CENTERED | MEDVOL_FFT_UNITARY;
    CHECK_STATUS(mv_fft(&cpu, &h, &img, &o), MEDVOL_OK);
    as_type(t, type, layout, &h);
    mv_volume_free(&cpu, &img), mv_volume_free(&cpu, &h);
}
static double energy_of(const mv_volume *v) {
    const size_t n = 2 * mv_volume_count(v);
    double sum = 0.0;
    size_t i;
    for (i = 0; i < n; i++) sum += (double)((const float *)v->data)[i] * (double)((const float *)v->data)[i];
    return sum;
}
/* At each x: rows are orthonormal; the projection on them, sum of conj(m_i) m_j, is within 1e-6 of the processor's
   (what was transformed are floats); turned in turn, so are they themselves within 3e-6. */
static void rows_alike(const double *want, const double *got, size_t rows, size_t c, size_t nx, int line) {
    double off = 0.0, odd = 0.0, apart = 0.0;
    char said[128];
    size_t x, r, q, i, j;
    for (x = 0; x < nx; x++) {
        const double *m[2] = {want + 2 * rows * c * x, got + 2 * rows * c * x};
        for (r = 0; r < rows; r++)
            for (q = 0; q <= r; q++) {
                double re = r == q ? -1.0 : 0.0, im = 0.0;
                for (i = 0; i < c; i++) {
                    const double *a = m[1] + 2 * (r + rows * i), *b = m[1] + 2 * (q + rows * i);
                    re += a[0] * b[0] + a[1] * b[1], im += a[1] * b[0] - a[0] * b[1];
                }
                odd = fmax(odd, hypot(re, im));
            }
        for (i = 0; i < c; i++)
            for (j = 0; j <= i; j++) {
                double p[2][2] = {{0, 0}, {0, 0}};
                for (q = 0; q < 2; q++)
                    for (r = 0; r < rows; r++) {
                        const double *a = m[q] + 2 * (r + rows * i), *b = m[q] + 2 * (r + rows * j);
                        p[q][0] += a[0] * b[0] + a[1] * b[1], p[q][1] += a[0] * b[1] - a[1] * b[0];
                    }
                off = fmax(off, hypot(p[0][0] - p[1][0], p[0][1] - p[1][1]));
            }
        for (i = 0; i < 2 * rows * c; i++) apart = fmax(apart, fabs(m[0][i] - m[1][i]));
    }
    snprintf(said, sizeof said, "rows off by %g, projections by %g, elements by %g", odd, off, apart);
    check(odd < 1e-11 && off < 1e-6 && apart < 3e-6, said, line);
    keep(got, 2 * rows * c * nx * sizeof *got);
}
static void test_gcc(void) {
    static const size_t dims[][5] = {{24, 14, 1, 5, 2}, {33, 7, 5, 6, 1}, {9, 9, 3, 12, 2}, {16, 11, 1, 20, 1},
                                     {5, 22, 2, 40, 1}, {5, 40, 30, 3, 1}, {7, 4, 1, 4, 1}, {1, 17, 1, 4, 1}};
    size_t k;
    for (k = 0; k < sizeof dims / sizeof *dims; k++) {
        const size_t *d = dims[k], c = d[3], nx = d[0], rows = k == 3 ? 1 : k == 5 ? 2 : 3;
        double *want = (double *)malloc(4 * rows * c * nx * sizeof *want), *got = want + 2 * rows * c * nx;
        double kept[2], all = 0.0;
        mv_coil_compress_opt o;
        mv_volume h, g, b;
        twin a;
        memset(&o, 0, sizeof o), memset(&h, 0, sizeof h), memset(&g, 0, sizeof g), memset(&b, 0, sizeof b);
        o.calib[1] = k % 2 ? 7 : 0, o.calib[2] = k % 3 ? 0 : 1;
        mixture(&a, kind(k), d, (int)(k % LAYOUTS));
        CHECK_STATUS(mv_coil_gcc_matrix(&cpu, want, rows, &a.host, k % 4 ? &o : NULL), MEDVOL_OK);
        CHECK_STATUS(mv_cuda_coil_gcc_matrix(&gpu, got, rows, &a.device, k % 4 ? &o : NULL), MEDVOL_OK);
        snprintf(about, sizeof about, "gcc %zu: %zu of %zu coils, %zu", k, rows, c, nx);
        rows_alike(want, got, rows, c, nx, __LINE__);
        same_block(&a, __LINE__);
        CHECK_STATUS(mv_coil_gcc_apply(&cpu, &h, &a.host, want, rows), MEDVOL_OK);
        CHECK_SETTLED(mv_cuda_coil_gcc_apply(&gpu, &g, &a.device, got, rows), MEDVOL_OK);
        CHECK_STATUS(mv_cuda_download(&gpu, &b, &g, MEDVOL_NONE, NULL), MEDVOL_OK);
        kept[0] = energy_of(&h), kept[1] = energy_of(&b);
        CHECK(fabs(kept[0] - kept[1]) < 1e-5 * kept[0]);
        if (k % 4 == 0 && rows == 3) { /* all samples, as many rows as sources: nothing is lost */
            each(&a.host, [&](unsigned char *p) {
                const float *e = (const float *)(const void *)p; /* MEDVOL_C64 */
                all += (double)e[0] * (double)e[0] + (double)e[1] * (double)e[1];
            });
            CHECK(fabs(kept[1] - all) < 1e-5 * all);
        }
        mv_volume_free(&cpu, &h), mv_volume_free(&cpu, &b), mv_cuda_volume_free(&gpu, &g);
        twin_free(&a);
        free(want);
    }
}
static void test_gcc_apply(void) { /* any matrices */
    static const size_t rows[] = {1, 2, 3, 8, 9};
    size_t k, i;
    for (k = 0; k < SHAPES; k++) {
        const size_t *d = shapes[k], c = d[3], r = k % 3 && rows[k % 5] < c ? rows[k % 5] : c;
        const size_t n = 2 * r * c * d[0];
        double *m = (double *)malloc(n * sizeof *m);
        size_t at = 0;
        twin a;
        for (i = 0; i < n; i++) m[i] = normal();
        noisy(&a, kind(k), axes(d), d, (int)(k % LAYOUTS));
        each(&a.host, [&](unsigned char *p) { if (at++ % (d[0] * d[1] * d[2]) == 3) number(p, kind(k), NAN, 0); });
        send(&a);
        BOTH(&a, 2e-6, mv_coil_gcc_apply(&cpu, to, of, m, r), mv_cuda_coil_gcc_apply(&gpu, to, of, m, r));
        twin_free(&a);
        free(m);
    }
    { /* several passes of rows, tables by the buffers of uploads */
        static const size_t d[4] = {3, 5, 3, 70};
        double *m = (double *)malloc(2 * 70 * 70 * 3 * sizeof *m);
        twin a;
        for (i = 0; i < 2 * 70 * 70 * 3; i++) m[i] = normal();
        noisy(&a, MEDVOL_C64, 4, d, PLAIN);
        BOTH(&a, 3e-6, mv_coil_gcc_apply(&cpu, to, of, m, 70), mv_cuda_coil_gcc_apply(&gpu, to, of, m, 70));
        BOTH(&a, 2e-6, mv_coil_gcc_apply(&cpu, to, of, m, 66), mv_cuda_coil_gcc_apply(&gpu, to, of, m, 66));
        twin_free(&a);
        free(m);
    }
}
static void test_gcc_many(void) { /* more than goes at once: lines, frames */
    static const size_t dims[2][5] = {{64, 9001, 1, 6, 1}, {64, 70, 10, 6, 13}};
    double m[2 * 2 * 6 * 64];
    size_t k, i;
    for (i = 0; i < 2 * 2 * 6 * 64; i++) m[i] = normal();
    for (k = 0; k < 2; k++) {
        mv_volume h, d;
        twin a;
        memset(&h, 0, sizeof h), memset(&d, 0, sizeof d);
        twin_make(&a, MEDVOL_C64, 5, dims[k], PLAIN);
        a.host.slope = a.device.slope = 1.0, a.host.inter = a.device.inter = 0.0;
        each(&a.host, [&](unsigned char *p) { number(p, MEDVOL_C64, uniform() - 0.5, uniform() - 0.5); });
        send(&a);
        CHECK_STATUS(mv_coil_gcc_apply(&cpu, &h, &a.host, m, 2), MEDVOL_OK);
        CHECK_SETTLED(mv_cuda_coil_gcc_apply(&gpu, &d, &a.device, m, 2), MEDVOL_OK);
        alike(&h, &d, 2e-6, __LINE__);
        mv_volume_free(&cpu, &h), mv_cuda_volume_free(&gpu, &d);
        twin_free(&a);
    }
}

/* ---- sensitivities ---- */
/* Maps where both have support: elsewhere a voxel at the border may have it in one alone, few of them. */
static void maps_alike(const mv_volume *want, const mv_cuda_volume *got, double tolerance, double odd, int line) {
    const size_t n = want->dim[0] * want->dim[1] * want->dim[2], c = want->dim[3], sets = want->dim[4];
    char said[128];
    double off = 0.0, length = 0.0;
    size_t i, k, s, one = 0, some = 0;
    pair p;
    check(want->ndim == got->ndim && !memcmp(want->dim, got->dim, sizeof got->dim), "shape", line);
    check(!memcmp(want->affine, got->affine, sizeof got->affine) && !memcmp(want->step, got->step, sizeof got->step),
          "geometry", line);
    pair_make(&p, want, got, line);
    if (!p.got.data) {
        pair_free(&p);
        return;
    }
    keep(p.got.data, mv_volume_count(&p.got) * 8);
    for (s = 0; s < sets; s++)
        for (i = 0; i < n; i++) {
            double a = 0.0, b = 0.0, d = 0.0;
            for (k = 0; k < 2 * c; k++) {
                const size_t at = 2 * (i + n * (k / 2 + c * s)) + k % 2;
                const double x = (double)((const float *)p.want.data)[at], y = (double)((const float *)p.got.data)[at];
                a += x * x, b += y * y, d += (x - y) * (x - y);
            }
            if (!(b == b)) off = 1e30;
            if (b != 0.0) length = fmax(length, fabs(sqrt(b) - 1.0));
            if ((a == 0.0) != (b == 0.0)) one++;
            else if (a != 0.0) some++, off = fmax(off, sqrt(d));
        }
    snprintf(said, sizeof said, "maps apart by %g, lengths by %g, support of %zu of %zu", off, length, one, n * sets);
    check(off <= tolerance && length < 1e-5 && (double)one <= odd * (double)(n * sets), said, line);
    check(some > 0, "support somewhere", line);
    pair_free(&p);
}
static void walsh(twin *a, const mv_coil_walsh_opt *o, double tolerance, int line, int view = 1) {
    mv_volume h, d;
    twin v;
    memset(&h, 0, sizeof h), memset(&d, 0, sizeof d);
    snprintf(about, sizeof about, "%s %zux%zux%zux%zu", mv_dtype_name(a->host.dtype), a->host.dim[0], a->host.dim[1],
             a->host.dim[2], a->host.dim[3]);
    check_status(mv_coil_walsh(&cpu, &h, &a->host, o), MEDVOL_OK, "processor", line);
    settled_at(mv_cuda_coil_walsh(&gpu, &d, &a->device, o), MEDVOL_OK, __FILE__, line);
    maps_alike(&h, &d, tolerance, 0.01, line);
    mv_cuda_volume_free(&gpu, &d);
    if (view) {
        twin_make(&v, MEDVOL_C64, h.ndim, h.dim, VIEW);
        settled_at(mv_cuda_coil_walsh(&gpu, &v.device, &a->device, o), MEDVOL_OK, __FILE__, line);
        maps_alike(&h, &v.device, tolerance, 0.01, line);
        twin_free(&v);
    }
    mv_volume_free(&cpu, &h);
}
static void test_walsh(void) {
    static const size_t dims[][4] = {{20, 17, 3, 4}, {33, 9, 1, 8}, {17, 6, 2, 3}, {9, 1, 8, 5}, {7, 5, 1, 1}, {10, 6, 1, 20},
                                     {8, 5, 1, 40}, {13, 7, 2, 12}};
    mv_coil_walsh_opt o;
    size_t k;
    for (k = 0; k < sizeof dims / sizeof *dims; k++) {
        twin a;
        images(&a, kind(k), dims[k], 1e-3, (int)(k % LAYOUTS));
        memset(&o, 0, sizeof o);
        if (k != 1) walsh(&a, NULL, 1e-3, __LINE__);
        o.box[0] = 5, o.box[1] = k % 2 ? 1 : 3, o.box[2] = 3;
        o.threshold = 0.02;
        if (k < 4) walsh(&a, &o, 1e-3, __LINE__);
        o.virtual_phase = 1;
        if (k < 3) walsh(&a, &o, 1e-3, __LINE__);
        o.image_phase = 1;
        if (k < 3) walsh(&a, &o, 1e-3, __LINE__);
        twin_free(&a);
    }
}
static void test_walsh_odd(void) { /* not finite, out of the squares' reach, all zeros */
    static const size_t dim[4] = {19, 11, 1, 3};
    mv_coil_walsh_opt o;
    mv_volume d;
    twin a, v;
    size_t i;
    int k;
    memset(&o, 0, sizeof o);
    o.box[0] = o.box[1] = 5, o.threshold = 0.01; /* not where there is noise alone */
    for (k = 0; k < 4; k++) {
        images(&a, MEDVOL_C64, dim, 1e-3, PLAIN);
        i = 0;
        each(&a.host, [&](unsigned char *p) {
            float *e = (float *)(void *)p;
            if (k == 0 && i == 60) e[1] = NAN;
            if (k == 1 && i == 19 * 11 + 100) e[0] = INFINITY;
            if (k == 2) e[0] *= 1e25f, e[1] *= 1e25f;
            if (k == 3) e[0] *= 1e-30f, e[1] *= 1e-30f;
            i++;
        });
        send(&a);
        walsh(&a, &o, 1e-3, __LINE__);
        twin_free(&a);
    }
    images(&a, MEDVOL_C64, dim, 0, PLAIN);
    each(&a.host, [&](unsigned char *p) { number(p, MEDVOL_C64, 0, 0); });
    send(&a);
    memset(&d, 0, sizeof d);
    CHECK_STATUS(mv_coil_walsh(&cpu, &d, &a.host, &o), MEDVOL_E_EMPTY);
    for (k = 0; k < LAYOUTS; k++) { /* what is there stays */
        twin_make(&v, MEDVOL_C64, 4, dim, k);
        CHECK_STATUS(mv_cuda_coil_walsh(&gpu, &v.device, &a.device, &o), MEDVOL_OK);
        CHECK_STATUS(mv_cuda_sync(&gpu), MEDVOL_E_EMPTY);
        same_block(&v, __LINE__);
        twin_free(&v);
    }
    CHECK_STATUS(mv_cuda_coil_walsh(&gpu, &d, &a.device, &o), MEDVOL_OK);
    CHECK_STATUS(mv_cuda_sync(&gpu), MEDVOL_E_EMPTY);
    mv_cuda_volume_free(&gpu, &d);
    twin_free(&a);
}
static void inati(twin *a, const mv_coil_inati_opt *opt, double tolerance, int line) {
    mv_coil_inati_opt o, p;
    mv_volume h, d, ih, id;
    twin v, w;
    memset(&h, 0, sizeof h), memset(&d, 0, sizeof d), memset(&ih, 0, sizeof ih), memset(&id, 0, sizeof id);
    memset(&o, 0, sizeof o);
    if (opt) o = *opt;
    p = o;
    o.image = &ih, p.image = &id;
    snprintf(about, sizeof about, "%s %zux%zux%zux%zu", mv_dtype_name(a->host.dtype), a->host.dim[0], a->host.dim[1],
             a->host.dim[2], a->host.dim[3]);
    check_status(mv_coil_inati(&cpu, &h, &a->host, &o), MEDVOL_OK, "processor", line);
    settled_at(mv_cuda_coil_inati(&gpu, &d, &a->device, &p), MEDVOL_OK, __FILE__, line);
    maps_alike(&h, &d, tolerance, 0.01, line);
    alike(&ih, &id, tolerance, line);
    same_block(a, line);
    mv_cuda_volume_free(&gpu, &d);
    settled_at(mv_cuda_coil_inati(&gpu, &d, &a->device, opt), MEDVOL_OK, __FILE__, line);
    maps_alike(&h, &d, tolerance, 0.01, line);
    twin_make(&v, MEDVOL_C64, h.ndim, h.dim, VIEW), twin_make(&w, MEDVOL_C64, ih.ndim, ih.dim, VIEW);
    p.image = &w.device;
    settled_at(mv_cuda_coil_inati(&gpu, &v.device, &a->device, &p), MEDVOL_OK, __FILE__, line);
    maps_alike(&h, &v.device, tolerance, 0.01, line);
    alike(&ih, &w.device, tolerance, line);
    twin_free(&v), twin_free(&w);
    mv_cuda_volume_free(&gpu, &d), mv_cuda_volume_free(&gpu, &id);
    mv_volume_free(&cpu, &h), mv_volume_free(&cpu, &ih);
}
static void test_inati(void) {
    static const size_t dims[][4] = {{20, 17, 3, 4}, {45, 53, 1, 8}, {17, 6, 2, 3}, {9, 1, 8, 5}, {7, 5, 1, 1}, {10, 6, 1, 20}};
    mv_coil_inati_opt o;
    size_t k;
    for (k = 0; k < sizeof dims / sizeof *dims; k++) {
        twin a;
        size_t i = 0;
        images(&a, kind(k), dims[k], 1e-3, (int)(k % LAYOUTS));
        memset(&o, 0, sizeof o);
        inati(&a, NULL, 1e-4, __LINE__);
        o.box[0] = 7, o.box[1] = 1 + 2 * (k % 2), o.box[2] = 3, o.rounds = 3, o.tolerance = 1e-12, o.threshold = 1e-4;
        inati(&a, &o, 1e-4, __LINE__);
        each(&a.host, [&](unsigned char *p) { /* sums over space are 0; a voxel that is not finite */
            const size_t x = i++ % dims[k][0];
            if (x % 2) memcpy(p, p - mv_dtype_size(a.host.dtype), mv_dtype_size(a.host.dtype));
            if (x % 2 && a.host.dtype == MEDVOL_C64) ((float *)(void *)p)[0] *= -1, ((float *)(void *)p)[1] *= -1;
            if (x % 2 && a.host.dtype == MEDVOL_C128) ((double *)(void *)p)[0] *= -1, ((double *)(void *)p)[1] *= -1;
            if (k % 2 && x + 1 == dims[k][0]) number(p, a.host.dtype, 0, 0);
        });
        send(&a);
        if (k == 1 || k == 5) inati(&a, &o, 1e-3, __LINE__); /* little is left to agree with */
        i = 0;
        each(&a.host, [&](unsigned char *p) { if (i++ == 9) number(p, a.host.dtype, NAN, 0); });
        send(&a);
        if (k == 1) inati(&a, &o, 1e-3, __LINE__);
        twin_free(&a);
    }
}
static void test_inati_zeros(void) {
    static const size_t dim[4] = {9, 8, 1, 3}, flat[3] = {9, 8, 1};
    mv_coil_inati_opt o;
    twin a, v, w;
    int k;
    images(&a, MEDVOL_C64, dim, 0, PLAIN);
    each(&a.host, [&](unsigned char *p) { number(p, MEDVOL_C64, 0, 0); });
    send(&a);
    memset(&o, 0, sizeof o);
    for (k = 0; k < LAYOUTS; k++) {
        twin_make(&v, MEDVOL_C64, 4, dim, k), twin_make(&w, MEDVOL_C64, 3, flat, k);
        o.image = &w.device;
        CHECK_STATUS(mv_cuda_coil_inati(&gpu, &v.device, &a.device, &o), MEDVOL_OK);
        CHECK_STATUS(mv_cuda_sync(&gpu), MEDVOL_E_EMPTY);
        same_block(&v, __LINE__), same_block(&w, __LINE__);
        twin_free(&v), twin_free(&w);
    }
    twin_free(&a);
}
static void test_many(void) { /* slabs: of planes, of rows; many coils */
    static const size_t dims[][4] = {{16, 16, 24, 40}, {64, 9, 1, 128}, {5, 3, 1, 136}};
    mv_coil_walsh_opt o;
    size_t k;
    memset(&o, 0, sizeof o);
    o.box[0] = 3, o.box[1] = 5, o.box[2] = 3;
    for (k = 0; k < 3; k++) {
        twin a;
        images(&a, MEDVOL_C64, dims[k], 0, PLAIN); /* noise alone would take all iterations */
        walsh(&a, &o, 1e-3, __LINE__, 0);
        if (k == 1) {
            mv_coil_inati_opt i;
            memset(&i, 0, sizeof i);
            inati(&a, &i, 1e-4, __LINE__);
        }
        twin_free(&a);
    }
}
/* k-space of such images */
static void spectra(twin *t, mv_dtype type, const size_t *dim, double noise, int layout) {
    mv_volume h;
    mv_fft_opt o;
    twin a;
    memset(&h, 0, sizeof h), memset(&o, 0, sizeof o);
    images(&a, MEDVOL_C64, dim, noise, PLAIN);
    o.axes = 7;
    o.flags = MEDVOL_FFT_CENTERED | MEDVOL_FFT_UNITARY;
    CHECK_STATUS(mv_fft(&cpu, &h, &a.host, &o), MEDVOL_OK);
    as_type(t, type, layout, &h);
    mv_volume_free(&cpu, &h);
    twin_free(&a);
}
/* Vectors where the second eigenvalue is well below the first, values everywhere: the larger of two is the better. */
static void espirit(twin *a, const mv_espirit_opt *opt, int line) {
    mv_volume h, d, vh, vd, both_values, none;
    mv_espirit_opt o, p, q;
    double worse = 0.0, close = 0.0, better = 0.0, off = 0.0;
    size_t i, k, s, n, c, some = 0;
    char said[128];
    pair m, v;
    memset(&h, 0, sizeof h), memset(&d, 0, sizeof d), memset(&vh, 0, sizeof vh), memset(&vd, 0, sizeof vd);
    memset(&both_values, 0, sizeof both_values), memset(&none, 0, sizeof none), memset(&o, 0, sizeof o);
    if (opt) o = *opt;
    p = q = o;
    o.values = &vh, p.values = &vd, q.values = &both_values, q.sets = 2;
    snprintf(about, sizeof about, "%s %zux%zux%zux%zu", mv_dtype_name(a->host.dtype), a->host.dim[0], a->host.dim[1],
             a->host.dim[2], a->host.dim[3]);
    check_status(mv_espirit(&cpu, &h, &a->host, &o), MEDVOL_OK, "processor", line);
    check_status(mv_espirit(&cpu, &none, &a->host, &q), MEDVOL_OK, "processor", line);
    settled_at(mv_cuda_espirit(&gpu, &d, &a->device, &p), MEDVOL_OK, __FILE__, line);
    same_block(a, line);
    maps_alike(&h, &d, 2.0, 0.03, line); /* lengths, support, geometry */
    check(vd.ndim == vh.ndim && !memcmp(vd.affine, vh.affine, sizeof vh.affine), "values", line);
    pair_make(&m, &h, &d, line), pair_make(&v, &vh, &vd, line);
    n = h.dim[0] * h.dim[1] * h.dim[2], c = h.dim[3];
    for (s = 0; s < h.dim[4] && v.got.data && m.got.data; s++)
        for (i = 0; i < n; i++) {
            const double x = (double)((const float *)v.want.data)[i + n * s], y = (double)((const float *)v.got.data)[i + n * s];
            const float *e = (const float *)both_values.data;
            double sum = 0.0, length = 0.0, second;
            better = fmax(better, y - x);
            if (s > 0 ? c > 3 : e[i + n] > 0.9f * e[i]) close = fmax(close, x - y); /* a third one is not known */
            else worse = fmax(worse, x - y);
            for (k = 0; k < 2 * c; k++) {
                const size_t at = 2 * (i + n * (k / 2 + c * s)) + k % 2;
                const double t = (double)((const float *)m.want.data)[at], u = (double)((const float *)m.got.data)[at];
                sum += (t - u) * (t - u), length += u * u;
            }
            second = (double)e[i + n] / (double)e[i];
            if (s > 0 || second > 0.6 || length == 0.0) continue; /* the processor stops at 24 steps */
            some++, off = fmax(off, sqrt(sum));
        }
    snprintf(said, sizeof said, "values lower by %g, by %g of two, higher by %g; vectors apart by %g", worse, close, better,
             off);
    check(worse < 1e-4 && close < 0.02 && better < 0.05 && off < 2e-3, said, line);
    check(some > n / 9, "vectors to look at", line);
    keep(v.got.data, 4 * n * h.dim[4]);
    pair_free(&m), pair_free(&v);
    mv_cuda_volume_free(&gpu, &d);
    settled_at(mv_cuda_espirit(&gpu, &d, &a->device, opt), MEDVOL_OK, __FILE__, line);
    maps_alike(&h, &d, 2.0, 0.03, line);
    mv_volume_free(&cpu, &h), mv_volume_free(&cpu, &vh), mv_volume_free(&cpu, &none), mv_volume_free(&cpu, &both_values);
    mv_cuda_volume_free(&gpu, &d), mv_cuda_volume_free(&gpu, &vd);
}
static void test_espirit_close(void) { /* of noise: eigenvalues close to each other, where both end too soon */
    static const size_t dim[4] = {24, 22, 1, 6};
    mv_espirit_opt o, p;
    double worse = 0.0;
    size_t i, n = dim[0] * dim[1], kernel;
    twin a;
    twin_make(&a, MEDVOL_C64, 4, dim, PLAIN);
    for (kernel = 2; kernel < 5; kernel++) {
        mv_volume h, d, vh, vd;
        pair v;
        memset(&o, 0, sizeof o), memset(&h, 0, sizeof h), memset(&d, 0, sizeof d), memset(&vh, 0, sizeof vh),
            memset(&vd, 0, sizeof vd);
        for (i = 0; i < 2 * n * dim[3]; i++) ((float *)a.host.data)[i] = (float)(uniform() - 0.5);
        send(&a);
        o.calib[0] = o.calib[1] = 9, o.calib[2] = 1, o.kernel[0] = o.kernel[1] = kernel, o.kernel[2] = 1;
        p = o;
        o.values = &vh, p.values = &vd;
        CHECK_STATUS(mv_espirit(&cpu, &h, &a.host, &o), MEDVOL_OK);
        CHECK_SETTLED(mv_cuda_espirit(&gpu, &d, &a.device, &p), MEDVOL_OK);
        pair_make(&v, &vh, &vd, __LINE__);
        for (i = 0; i < n && v.got.data; i++)
            worse = fmax(worse, (double)((const float *)v.want.data)[i] - (double)((const float *)v.got.data)[i]);
        keep(v.got.data, 4 * n);
        pair_free(&v);
        mv_volume_free(&cpu, &h), mv_volume_free(&cpu, &vh), mv_cuda_volume_free(&gpu, &d), mv_cuda_volume_free(&gpu, &vd);
    }
    snprintf(about, sizeof about, "values lower by %g", worse);
    if (getenv("SAY")) puts(about);
    CHECK(worse < 0.02);
    twin_free(&a);
}
static void test_espirit(void) {
    static const size_t dims[][4] = {{32, 30, 1, 4}, {12, 11, 10, 3}, {33, 26, 1, 3}, {24, 22, 1, 10}};
    mv_espirit_opt o;
    size_t k;
    for (k = 0; k < 4; k++) {
        twin a;
        memset(&o, 0, sizeof o);
        spectra(&a, kind(k), dims[k], 1e-4, (int)(k % LAYOUTS));
        if (k == 1) o.calib[0] = o.calib[1] = 9, o.calib[2] = 8, o.kernel[0] = 4, o.kernel[1] = o.kernel[2] = 3;
        espirit(&a, k == 1 ? &o : NULL, __LINE__);
        if (k == 0) o.calib[0] = 21, o.calib[1] = 20, o.kernel[0] = 5, o.shape[0] = 40, o.shape[1] = 31;
        o.virtual_phase = 1;
        o.crop = 0.9;
        if (k < 2) espirit(&a, &o, __LINE__);
        o.sets = 2;
        o.crop = 0.95;
        if (k > 1) espirit(&a, &o, __LINE__);
        twin_free(&a);
    }
}

/* Transforms of floats are some 3e-7 of the brightest voxel apart, so maps are that over the brightness of theirs: at
   the threshold its root. */
static void lowres(twin *a, const mv_coil_lowres_opt *o, int line) {
    const double tolerance = fmax(1e-4, 1e-6 / sqrt(o && o->threshold > 0.0 ? o->threshold : 1e-6));
    mv_volume h, d;
    twin v;
    memset(&h, 0, sizeof h), memset(&d, 0, sizeof d);
    snprintf(about, sizeof about, "%s %zux%zux%zux%zu", mv_dtype_name(a->host.dtype), a->host.dim[0], a->host.dim[1],
             a->host.dim[2], a->host.dim[3]);
    check_status(mv_coil_lowres(&cpu, &h, &a->host, o), MEDVOL_OK, "processor", line);
    settled_at(mv_cuda_coil_lowres(&gpu, &d, &a->device, o), MEDVOL_OK, __FILE__, line);
    maps_alike(&h, &d, tolerance, 0.01, line);
    same_block(a, line);
    mv_cuda_volume_free(&gpu, &d);
    twin_make(&v, MEDVOL_C64, h.ndim, h.dim, VIEW);
    settled_at(mv_cuda_coil_lowres(&gpu, &v.device, &a->device, o), MEDVOL_OK, __FILE__, line);
    maps_alike(&h, &v.device, tolerance, 0.01, line);
    twin_free(&v);
    mv_volume_free(&cpu, &h);
}
static void test_lowres(void) {
    static const size_t dims[][4] = {{32, 30, 1, 4}, {12, 11, 10, 3}, {33, 26, 1, 9}, {27, 1, 1, 2}};
    size_t k;
    for (k = 0; k < 4; k++) {
        mv_coil_lowres_opt o;
        mv_volume d;
        twin a;
        memset(&o, 0, sizeof o), memset(&d, 0, sizeof d);
        spectra(&a, kind(k), dims[k], 1e-2, (int)(k % LAYOUTS));
        o.threshold = 1e-3;
        lowres(&a, NULL, __LINE__);
        o.calib[0] = 9, o.calib[1] = k == 3 ? 1 : 10;
        lowres(&a, &o, __LINE__);
        o.window = 1;
        o.shape[0] = 40, o.shape[1] = 31, o.shape[2] = k == 1 ? 9 : 1, o.calib[2] = k == 1 ? 8 : 1;
        lowres(&a, &o, __LINE__);
        o.virtual_phase = 1;
        o.shape[0] = o.shape[1] = o.shape[2] = 0;
        lowres(&a, &o, __LINE__);
        if (k == 0) {
            mv_cuda_graph graph;
            mv_volume h;
            int round;
            memset(&graph, 0, sizeof graph), memset(&h, 0, sizeof h);
            o.virtual_phase = 0;
            for (round = 0; round < 2; round++) {
                if (round) CHECK_STATUS(mv_cuda_capture_begin(&gpu), MEDVOL_OK);
                CHECK_STATUS(mv_cuda_coil_lowres(&gpu, &d, &a.device, &o), MEDVOL_OK);
                if (round) CHECK_STATUS(mv_cuda_capture_end(&gpu, &graph), MEDVOL_OK);
            }
            each(&a.host, [&](unsigned char *p) { ((float *)(void *)p)[0] *= -1.25f; });
            send(&a);
            CHECK_STATUS(mv_cuda_graph_launch(&gpu, &graph), MEDVOL_OK);
            CHECK_STATUS(mv_cuda_sync(&gpu), MEDVOL_OK);
            CHECK_STATUS(mv_coil_lowres(&cpu, &h, &a.host, &o), MEDVOL_OK);
            maps_alike(&h, &d, 1e-4, 0.01, __LINE__);
            mv_volume_free(&cpu, &h);
            mv_cuda_graph_free(&gpu, &graph);
        }
        mv_cuda_volume_free(&gpu, &d);
        twin_free(&a);
    }
}
static void test_lowres_zeros(void) { /* the device finds them; what is there stays */
    static const size_t dim[4] = {9, 8, 1, 3};
    twin a, v;
    int k;
    images(&a, MEDVOL_C64, dim, 0, PLAIN);
    each(&a.host, [&](unsigned char *p) { number(p, MEDVOL_C64, 0, 0); });
    send(&a);
    for (k = 0; k < LAYOUTS; k++) {
        twin_make(&v, MEDVOL_C64, 4, dim, k);
        CHECK_STATUS(mv_cuda_coil_lowres(&gpu, &v.device, &a.device, NULL), MEDVOL_OK);
        CHECK_STATUS(mv_cuda_sync(&gpu), MEDVOL_E_EMPTY);
        same_block(&v, __LINE__);
        twin_free(&v);
    }
    twin_free(&a);
}

/* ---- what is refused, and graphs ---- */
static void refused(mv_status want, mv_status got, int line) {
    check(want < 0, "the processor refuses", line);
    settled_at(got, want, __FILE__, line);
}
#define REFUSED(h, g) refused(h, g, __LINE__)
/* v: 6 x 5 of 3 coils; m: of its shape, other: of another */
static void gcc_errors(twin *v, twin *real, twin *m, twin *other) {
    mv_coil_compress_opt o;
    double a[2 * 9 * 6], b[2 * 9 * 6];
    mv_volume h, d;
    twin odd;
    int i;
    memset(&h, 0, sizeof h), memset(&d, 0, sizeof d), memset(&o, 0, sizeof o);
    for (i = 0; i < 2 * 9 * 6; i++) a[i] = b[i] = normal();
    REFUSED(mv_coil_gcc_matrix(&cpu, NULL, 2, &v->host, NULL), mv_cuda_coil_gcc_matrix(&gpu, NULL, 2, &v->device, NULL));
    REFUSED(mv_coil_gcc_matrix(&cpu, a, 2, NULL, NULL), mv_cuda_coil_gcc_matrix(&gpu, b, 2, NULL, NULL));
    for (i = 0; i < 5; i += 4)
        REFUSED(mv_coil_gcc_matrix(&cpu, a, (size_t)i, &v->host, NULL),
                mv_cuda_coil_gcc_matrix(&gpu, b, (size_t)i, &v->device, NULL));
    REFUSED(mv_coil_gcc_matrix(&cpu, a, 2, &real->host, NULL), mv_cuda_coil_gcc_matrix(&gpu, b, 2, &real->device, NULL));
    for (i = 0; i < 3; i++) {
        o.calib[0] = i == 0 ? 3 : 0, o.calib[1] = i == 1 ? 6 : 0, o.calib[2] = i == 2 ? 2 : 0;
        REFUSED(mv_coil_gcc_matrix(&cpu, a, 2, &v->host, &o), mv_cuda_coil_gcc_matrix(&gpu, b, 2, &v->device, &o));
    }
    noisy(&odd, MEDVOL_C64, v->host.ndim, v->host.dim, PLAIN);
    for (i = 0; i < 2; i++) { /* NaN; all zeros */
        if (i) each(&odd.host, [&](unsigned char *p) { number(p, MEDVOL_C64, 0, 0); });
        else ((float *)odd.host.data)[17] = NAN;
        send(&odd);
        REFUSED(mv_coil_gcc_matrix(&cpu, a, 2, &odd.host, NULL), mv_cuda_coil_gcc_matrix(&gpu, b, 2, &odd.device, NULL));
    }
    CHECK(!memcmp(a, b, sizeof a)); /* as they were */
    twin_free(&odd);
    for (i = 0; i < 5; i += 4)
        REFUSED(mv_coil_gcc_apply(&cpu, &h, &v->host, a, (size_t)i),
                mv_cuda_coil_gcc_apply(&gpu, &d, &v->device, a, (size_t)i));
    REFUSED(mv_coil_gcc_apply(&cpu, &h, &v->host, NULL, 2), mv_cuda_coil_gcc_apply(&gpu, &d, &v->device, NULL, 2));
    REFUSED(mv_coil_gcc_apply(&cpu, NULL, &v->host, a, 2), mv_cuda_coil_gcc_apply(&gpu, NULL, &v->device, a, 2));
    REFUSED(mv_coil_gcc_apply(&cpu, &h, NULL, a, 2), mv_cuda_coil_gcc_apply(&gpu, &d, NULL, a, 2));
    REFUSED(mv_coil_gcc_apply(&cpu, &h, &real->host, a, 2), mv_cuda_coil_gcc_apply(&gpu, &d, &real->device, a, 2));
    REFUSED(mv_coil_gcc_apply(&cpu, &other->host, &v->host, a, 3),
            mv_cuda_coil_gcc_apply(&gpu, &other->device, &v->device, a, 3));
    REFUSED(mv_coil_gcc_apply(&cpu, &real->host, &v->host, a, 3),
            mv_cuda_coil_gcc_apply(&gpu, &real->device, &v->device, a, 3));
    h = v->host, d = v->device; /* the same memory by another struct */
    REFUSED(mv_coil_gcc_apply(&cpu, &h, &v->host, a, 3), mv_cuda_coil_gcc_apply(&gpu, &d, &v->device, a, 3));
    for (i = 0; i < 2; i++) { /* the last element of the last x */
        a[2 * 3 * 2 * 6 - 1] = i ? 3.5e38 : NAN;
        REFUSED(mv_coil_gcc_apply(&cpu, &m->host, &v->host, a, 2), mv_cuda_coil_gcc_apply(&gpu, &m->device, &v->device, a, 2));
    }
}
static void test_errors(void) {
    static const size_t dim[5] = {6, 5, 1, 3, 1}, two[5] = {6, 5, 1, 2, 2}, many[7] = {2, 2, 1, 2, 1, 1, 2};
    static const size_t wide[4] = {2, 1, 1, 300}, frames[5] = {6, 5, 1, 3, 2};
    twin v, m, other, real, same, w, f;
    mv_volume h, d;
    mv_coil_rss_opt noise;
    mv_coil_compress_opt calib;
    mv_coil_walsh_opt box;
    mv_espirit_opt e;
    double psi[2 * 9], got[2 * 9], energy[3];
    int i;
    memset(&h, 0, sizeof h), memset(&d, 0, sizeof d);
    noisy(&v, MEDVOL_C64, 4, dim, PLAIN), noisy(&m, MEDVOL_C64, 4, dim, PLAIN), noisy(&other, MEDVOL_C64, 5, two, PLAIN);
    noisy(&real, MEDVOL_F32, 4, dim, PLAIN), noisy(&same, MEDVOL_C64, 7, many, PLAIN);
    noisy(&w, MEDVOL_C64, 4, wide, PLAIN), noisy(&f, MEDVOL_C64, 5, frames, PLAIN);
    for (i = 0; i < 2; i++) {
        noise.noise = i ? NAN : -1;
        REFUSED(mv_coil_rss(&cpu, &h, &v.host, &noise), mv_cuda_coil_rss(&gpu, &d, &v.device, &noise));
    }
    REFUSED(mv_coil_rss(&cpu, NULL, &v.host, NULL), mv_cuda_coil_rss(&gpu, NULL, &v.device, NULL));
    REFUSED(mv_coil_rss(&cpu, &h, NULL, NULL), mv_cuda_coil_rss(&gpu, &d, NULL, NULL));
    REFUSED(mv_coil_rss(&cpu, &h, &real.host, NULL), mv_cuda_coil_rss(&gpu, &d, &real.device, NULL));
    REFUSED(mv_coil_rss(&cpu, &m.host, &v.host, NULL), mv_cuda_coil_rss(&gpu, &m.device, &v.device, NULL));
    CHECK(mv_cuda_coil_rss(NULL, &d, &v.device, NULL) == MEDVOL_E_NULL);
    REFUSED(mv_coil_combine(&cpu, &h, &v.host, &other.host, NULL),
            mv_cuda_coil_combine(&gpu, &d, &v.device, &other.device, NULL));
    REFUSED(mv_coil_combine(&cpu, &h, &v.host, &real.host, NULL),
            mv_cuda_coil_combine(&gpu, &d, &v.device, &real.device, NULL));
    REFUSED(mv_coil_combine(&cpu, &h, &v.host, NULL, NULL), mv_cuda_coil_combine(&gpu, &d, &v.device, NULL, NULL));
    REFUSED(mv_coil_combine(&cpu, &m.host, &v.host, &m.host, NULL),
            mv_cuda_coil_combine(&gpu, &m.device, &v.device, &m.device, NULL));
    REFUSED(mv_coil_combine(&cpu, &v.host, &m.host, &m.host, NULL),
            mv_cuda_coil_combine(&gpu, &v.device, &m.device, &m.device, NULL));
    REFUSED(mv_coil_expand(&cpu, &h, &v.host, &other.host, NULL),
            mv_cuda_coil_expand(&gpu, &d, &v.device, &other.device, NULL));
    REFUSED(mv_coil_expand(&cpu, &h, &real.host, &m.host, NULL), mv_cuda_coil_expand(&gpu, &d, &real.device, &m.device, NULL));
    REFUSED(mv_coil_expand(&cpu, &h, &same.host, &same.host, NULL),
            mv_cuda_coil_expand(&gpu, &d, &same.device, &same.device, NULL));
    REFUSED(mv_coil_noise(&cpu, NULL, &v.host), mv_cuda_coil_noise(&gpu, NULL, &v.device));
    REFUSED(mv_coil_noise(&cpu, psi, &real.host), mv_cuda_coil_noise(&gpu, psi, &real.device));
    REFUSED(mv_coil_noise(&cpu, psi, NULL), mv_cuda_coil_noise(&gpu, psi, NULL));
    CHECK_STATUS(mv_coil_noise(&cpu, psi, &v.host), MEDVOL_OK);
    memcpy(got, psi, sizeof got);
    psi[0] = NAN;
    REFUSED(mv_coil_whiten(&cpu, &h, &v.host, psi), mv_cuda_coil_whiten(&gpu, &d, &v.device, psi));
    REFUSED(mv_coil_whiten(&cpu, &h, &v.host, NULL), mv_cuda_coil_whiten(&gpu, &d, &v.device, NULL));
    psi[0] = 0;
    REFUSED(mv_coil_whiten(&cpu, &h, &v.host, psi), mv_cuda_coil_whiten(&gpu, &d, &v.device, psi));
    REFUSED(mv_coil_whiten(&cpu, &h, &real.host, got), mv_cuda_coil_whiten(&gpu, &d, &real.device, got));
    REFUSED(mv_coil_apply(&cpu, &h, &v.host, got, 0), mv_cuda_coil_apply(&gpu, &d, &v.device, got, 0));
    REFUSED(mv_coil_apply(&cpu, &h, &v.host, got, 4097), mv_cuda_coil_apply(&gpu, &d, &v.device, got, 4097));
    REFUSED(mv_coil_apply(&cpu, &h, &v.host, NULL, 2), mv_cuda_coil_apply(&gpu, &d, &v.device, NULL, 2));
    REFUSED(mv_coil_apply(&cpu, &v.host, &m.host, got, 2), mv_cuda_coil_apply(&gpu, &v.device, &m.device, got, 2));
    got[3] = 1e39;
    REFUSED(mv_coil_apply(&cpu, &h, &v.host, got, 2), mv_cuda_coil_apply(&gpu, &d, &v.device, got, 2));
    memset(&calib, 0, sizeof calib);
    REFUSED(mv_coil_compress_matrix(&cpu, NULL, NULL, 2, &v.host, NULL),
            mv_cuda_coil_compress_matrix(&gpu, NULL, NULL, 2, &v.device, NULL));
    REFUSED(mv_coil_compress_matrix(&cpu, psi, energy, 4, &v.host, NULL),
            mv_cuda_coil_compress_matrix(&gpu, psi, energy, 4, &v.device, NULL));
    REFUSED(mv_coil_compress(&cpu, &h, &v.host, 0, NULL), mv_cuda_coil_compress(&gpu, &d, &v.device, 0, NULL));
    REFUSED(mv_coil_compress(&cpu, &v.host, &m.host, 2, NULL), mv_cuda_coil_compress(&gpu, &v.device, &m.device, 2, NULL));
    calib.calib[1] = 6;
    REFUSED(mv_coil_compress(&cpu, &h, &v.host, 2, &calib), mv_cuda_coil_compress(&gpu, &d, &v.device, 2, &calib));
    gcc_errors(&v, &real, &m, &other);
    memset(&box, 0, sizeof box);
    REFUSED(mv_coil_walsh(&cpu, &h, &f.host, NULL), mv_cuda_coil_walsh(&gpu, &d, &f.device, NULL));
    REFUSED(mv_coil_walsh(&cpu, &h, &real.host, NULL), mv_cuda_coil_walsh(&gpu, &d, &real.device, NULL));
    REFUSED(mv_coil_walsh(&cpu, &h, &w.host, NULL), mv_cuda_coil_walsh(&gpu, &d, &w.device, NULL));
    REFUSED(mv_coil_walsh(&cpu, NULL, &v.host, NULL), mv_cuda_coil_walsh(&gpu, NULL, &v.device, NULL));
    box.box[1] = 4;
    REFUSED(mv_coil_walsh(&cpu, &h, &v.host, &box), mv_cuda_coil_walsh(&gpu, &d, &v.device, &box));
    box.box[1] = 65;
    REFUSED(mv_coil_walsh(&cpu, &h, &v.host, &box), mv_cuda_coil_walsh(&gpu, &d, &v.device, &box));
    box.box[1] = 3, box.threshold = 1.5;
    REFUSED(mv_coil_walsh(&cpu, &h, &v.host, &box), mv_cuda_coil_walsh(&gpu, &d, &v.device, &box));
    for (i = 0; i < 7; i++) {
        mv_coil_inati_opt o;
        mv_status want;
        memset(&o, 0, sizeof o);
        if (i == 1) o.rounds = 1001;
        if (i == 2) o.tolerance = -1;
        if (i == 3) o.threshold = 2;
        if (i == 4) o.box[0] = 6;
        if (i == 5) o.image = &h;
        if (i == 6) o.image = &real.host;
        want = mv_coil_inati(&cpu, i ? &h : NULL, &v.host, &o);
        if (i == 5) o.image = &d;
        if (i == 6) o.image = &real.device;
        REFUSED(want, mv_cuda_coil_inati(&gpu, i ? &d : NULL, &v.device, &o));
    }
    REFUSED(mv_coil_inati(&cpu, &h, &f.host, NULL), mv_cuda_coil_inati(&gpu, &d, &f.device, NULL));
    for (i = 0; i < 4; i++) {
        mv_coil_lowres_opt l;
        memset(&l, 0, sizeof l);
        if (i == 1) l.threshold = NAN;
        if (i == 2) l.calib[0] = 7;
        if (i == 3) l.shape[1] = 4;
        REFUSED(mv_coil_lowres(&cpu, i ? &h : NULL, &v.host, &l), mv_cuda_coil_lowres(&gpu, i ? &d : NULL, &v.device, &l));
    }
    REFUSED(mv_coil_lowres(&cpu, &h, &real.host, NULL), mv_cuda_coil_lowres(&gpu, &d, &real.device, NULL));
    REFUSED(mv_coil_lowres(&cpu, &h, &f.host, NULL), mv_cuda_coil_lowres(&gpu, &d, &f.device, NULL));
    for (i = 0; i < 9; i++) {
        memset(&e, 0, sizeof e);
        e.kernel[0] = e.kernel[1] = 3;
        if (i == 0) e.sets = 3;
        if (i == 1) e.threshold = 1.0;
        if (i == 2) e.crop = NAN;
        if (i == 3) e.calib[0] = 7;
        if (i == 4) e.shape[1] = 4;
        if (i == 5) e.kernel[1] = 6;
        if (i == 6) e.values = &h;
        if (i == 7) e.values = &real.host;
        if (i == 8) e.sets = 2, e.values = &m.host;
        {
            const mv_status want = mv_espirit(&cpu, &h, &v.host, &e);
            if (i == 6) e.values = &d;
            if (i == 7) e.values = &real.device;
            if (i == 8) e.values = &m.device;
            REFUSED(want, mv_cuda_espirit(&gpu, &d, &v.device, &e));
        }
    }
    REFUSED(mv_espirit(&cpu, &h, &real.host, NULL), mv_cuda_espirit(&gpu, &d, &real.device, NULL));
    REFUSED(mv_espirit(&cpu, &h, &f.host, NULL), mv_cuda_espirit(&gpu, &d, &f.device, NULL));
    /* numbers that are not finite, and zeros */
    for (i = 0; i < 2; i++) {
        each(&v.host, [&](unsigned char *p) { number(p, MEDVOL_C64, 0, 0); });
        if (i == 0) ((float *)v.host.data)[2 * 30 + 22] = INFINITY, ((float *)v.host.data)[7] = 1;
        send(&v);
        memset(&box, 0, sizeof box), memset(&e, 0, sizeof e);
        box.virtual_phase = 1, e.kernel[0] = e.kernel[1] = 2;
        if (i == 0) REFUSED(mv_coil_noise(&cpu, psi, &v.host), mv_cuda_coil_noise(&gpu, psi, &v.device));
        REFUSED(mv_coil_compress_matrix(&cpu, psi, energy, 2, &v.host, NULL),
                mv_cuda_coil_compress_matrix(&gpu, psi, energy, 2, &v.device, NULL));
        REFUSED(mv_coil_walsh(&cpu, &h, &v.host, &box), mv_cuda_coil_walsh(&gpu, &d, &v.device, &box));
        REFUSED(mv_espirit(&cpu, &h, &v.host, &e), mv_cuda_espirit(&gpu, &d, &v.device, &e));
    }
    v.device.data = v.host.data;
    CHECK_STATUS(mv_cuda_coil_rss(&gpu, &d, &v.device, NULL), MEDVOL_E_POINTER);
    CHECK(d.data == NULL && h.data == NULL);
    twin_free(&v), twin_free(&m), twin_free(&other), twin_free(&real), twin_free(&same), twin_free(&w), twin_free(&f);
}
/* A matrix at each x, as parameters of launches in a graph, by the buffers of uploads outside: the same bits */
static void test_gcc_graph(void) {
    static const size_t dim[4] = {48, 9, 1, 20}, few[4] = {48, 9, 1, 3};
    const size_t n = 2 * 3 * 20 * 48, bytes = 48 * 9 * 3 * 8;
    double *m = (double *)malloc(2 * n * sizeof *m);
    unsigned char *block = (unsigned char *)malloc(2 * bytes);
    mv_cuda_graph graph;
    twin a, out;
    size_t i;
    memset(&graph, 0, sizeof graph);
    for (i = 0; i < n; i++) m[i] = normal();
    noisy(&a, MEDVOL_C64, 4, dim, PLAIN);
    twin_make(&out, MEDVOL_C64, 4, few, PLAIN);
    for (i = 0; i < 3; i++) {
        memcpy(m + n, m, n * sizeof *m);
        if (i == 1) CHECK_STATUS(mv_cuda_capture_begin(&gpu), MEDVOL_OK);
        CHECK_STATUS(i < 2 ? mv_cuda_coil_gcc_apply(&gpu, &out.device, &a.device, m + n, 3)
                           : mv_cuda_graph_launch(&gpu, &graph), MEDVOL_OK);
        memset(m + n, 0, n * sizeof *m); /* has been read */
        if (i == 1) CHECK_STATUS(mv_cuda_capture_end(&gpu, &graph), MEDVOL_OK);
        CHECK_STATUS(mv_cuda_sync(&gpu), MEDVOL_OK);
        if (i != 1) CHECK(dev_get(block + bytes * (i / 2), out.device.data, bytes));
        if (i == 0) { /* recorded for data of their own */
            CHECK_STATUS(mv_coil_gcc_apply(&cpu, &out.host, &a.host, m, 3), MEDVOL_OK);
            alike(&out.host, &out.device, 2e-6, __LINE__);
            CHECK(dev_set(out.device.data, 0xff, bytes));
        }
    }
    CHECK(!memcmp(block, block + bytes, bytes));
    mv_cuda_graph_free(&gpu, &graph);
    CHECK_UNCAPTURED(mv_cuda_coil_gcc_matrix(&gpu, m, 3, &a.device, NULL), MEDVOL_E_BUSY);
    twin_free(&a), twin_free(&out);
    free(m), free(block);
}
static void test_graph(void) { /* recorded once, run with other data */
    static const size_t dim[4] = {18, 12, 1, 4}, flat[3] = {18, 12, 1};
    twin a, m, out[4], maps, joint;
    double matrix[2 * 16], psi[2 * 16];
    mv_cuda_graph graph;
    mv_coil_walsh_opt o;
    mv_volume h;
    int i, round;
    memset(&graph, 0, sizeof graph), memset(&o, 0, sizeof o);
    for (i = 0; i < 32; i++) matrix[i] = normal();
    images(&a, MEDVOL_C64, dim, 0.01, PLAIN);
    noisy(&m, MEDVOL_C64, 4, dim, PLAIN);
    CHECK_STATUS(mv_coil_noise(&cpu, psi, &m.host), MEDVOL_OK);
    twin_make(&out[0], MEDVOL_F32, 3, flat, PLAIN), twin_make(&out[1], MEDVOL_C64, 3, flat, PLAIN);
    twin_make(&out[2], MEDVOL_C64, 4, dim, PLAIN), twin_make(&out[3], MEDVOL_C64, 4, dim, VIEW);
    twin_make(&maps, MEDVOL_C64, 4, dim, PLAIN), twin_make(&joint, MEDVOL_C64, 4, dim, PLAIN);
    for (round = 0; round < 2; round++) {
        double keeps[32];
        memcpy(keeps, matrix, sizeof keeps);
        if (round) CHECK_STATUS(mv_cuda_capture_begin(&gpu), MEDVOL_OK);
        CHECK_STATUS(mv_cuda_coil_walsh(&gpu, &maps.device, &a.device, &o), MEDVOL_OK);
        CHECK_STATUS(mv_cuda_coil_inati(&gpu, &joint.device, &a.device, NULL), MEDVOL_OK);
        CHECK_STATUS(mv_cuda_coil_rss(&gpu, &out[0].device, &a.device, NULL), MEDVOL_OK);
        CHECK_STATUS(mv_cuda_coil_combine(&gpu, &out[1].device, &a.device, &maps.device, NULL), MEDVOL_OK);
        CHECK_STATUS(mv_cuda_coil_apply(&gpu, &out[2].device, &a.device, keeps, 4), MEDVOL_OK);
        CHECK_STATUS(mv_cuda_coil_whiten(&gpu, &out[3].device, &out[2].device, psi), MEDVOL_OK);
        memset(keeps, 0, sizeof keeps); /* has been read */
        if (round) CHECK_STATUS(mv_cuda_capture_end(&gpu, &graph), MEDVOL_OK);
        else CHECK_STATUS(mv_cuda_sync(&gpu), MEDVOL_OK);
    }
    each(&a.host, [&](unsigned char *p) { ((float *)(void *)p)[0] *= -1.25f; });
    send(&a);
    CHECK_STATUS(mv_cuda_graph_launch(&gpu, &graph), MEDVOL_OK);
    CHECK_STATUS(mv_cuda_sync(&gpu), MEDVOL_OK);
    memset(&h, 0, sizeof h);
    CHECK_STATUS(mv_coil_walsh(&cpu, &h, &a.host, &o), MEDVOL_OK);
    maps_alike(&h, &maps.device, 1e-3, 0.01, __LINE__);
    CHECK_STATUS(mv_coil_combine(&cpu, &out[1].host, &a.host, &h, NULL), MEDVOL_OK);
    alike(&out[1].host, &out[1].device, 1e-3, __LINE__);
    CHECK_STATUS(mv_coil_rss(&cpu, &out[0].host, &a.host, NULL), MEDVOL_OK);
    alike(&out[0].host, &out[0].device, 3e-7, __LINE__);
    CHECK_STATUS(mv_coil_apply(&cpu, &out[2].host, &a.host, matrix, 4), MEDVOL_OK);
    alike(&out[2].host, &out[2].device, 1e-6, __LINE__);
    CHECK_STATUS(mv_coil_whiten(&cpu, &out[3].host, &out[2].host, psi), MEDVOL_OK);
    alike(&out[3].host, &out[3].device, 2e-6, __LINE__);
    mv_volume_free(&cpu, &h);
    CHECK_STATUS(mv_coil_inati(&cpu, &h, &a.host, NULL), MEDVOL_OK);
    maps_alike(&h, &joint.device, 1e-4, 0.01, __LINE__);
    mv_volume_free(&cpu, &h);
    mv_cuda_graph_free(&gpu, &graph);
    for (i = 0; i < 5; i++) { /* these wait */
        o.virtual_phase = 1;
        CHECK_UNCAPTURED(i == 0   ? mv_cuda_coil_noise(&gpu, psi, &a.device)
                         : i == 1 ? mv_cuda_coil_compress_matrix(&gpu, matrix, NULL, 2, &a.device, NULL)
                         : i == 2 ? mv_cuda_coil_compress(&gpu, &out[2].device, &a.device, 4, NULL)
                         : i == 3 ? mv_cuda_coil_walsh(&gpu, &maps.device, &a.device, &o)
                                  : mv_cuda_espirit(&gpu, &maps.device, &a.device, NULL), MEDVOL_E_BUSY);
    }
    twin_free(&a), twin_free(&m), twin_free(&maps), twin_free(&joint);
    for (i = 0; i < 4; i++) twin_free(&out[i]);
}

/* What combination reads and writes: once all of it, in whole sectors; what matrices cost in shared memory. */
static void test_traffic(void) {
    static const size_t dim[4] = {256, 16, 1, 8};
    const double voxels = 256 * 16;
    double matrix[2 * 64];
    mv_volume d;
    emu_counts c;
    twin a, m;
    int i;
    if (!emulated || !emu_check()) return;
    memset(&d, 0, sizeof d);
    for (i = 0; i < 128; i++) matrix[i] = normal();
    noisy(&a, MEDVOL_C64, 4, dim, PLAIN), noisy(&m, MEDVOL_C64, 4, dim, PLAIN);
    emu_profiling(1);
    for (i = 0; i < 4; i++) {
        const double reads = i == 0 ? 64 : i == 1 ? 128 : i == 2 ? 72 : 64, writes = i == 0 ? 4 : i == 1 ? 8 : 64;
        mv_volume image;
        memset(&image, 0, sizeof image);
        if (i == 2) {
            CHECK_STATUS(mv_cuda_coil_combine(&gpu, &image, &a.device, &m.device, NULL), MEDVOL_OK);
            CHECK_STATUS(mv_cuda_sync(&gpu), MEDVOL_OK);
        }
        CHECK_STATUS(i == 0   ? mv_cuda_coil_rss(&gpu, &d, &a.device, NULL)
                     : i == 1 ? mv_cuda_coil_combine(&gpu, &d, &a.device, &m.device, NULL)
                     : i == 2 ? mv_cuda_coil_expand(&gpu, &d, &image, &m.device, NULL)
                              : mv_cuda_coil_apply(&gpu, &d, &a.device, matrix, 8), MEDVOL_OK);
        CHECK_STATUS(mv_cuda_sync(&gpu), MEDVOL_OK);
        CHECK(emu_profile_of(i == 0 ? "co_rss" : i == 1 ? "co_combine" : i == 2 ? "co_expand" : "co_apply", &c));
        snprintf(about, sizeof about, "%d: %g of %g read, %g of %g written, %llu passes of %llu", i,
                 32.0 * (double)c.load_sectors / voxels, reads, 32.0 * (double)c.store_sectors / voxels, writes,
                 c.shared_passes, c.shared_requests);
        CHECK(32.0 * (double)c.load_sectors <= 1.1 * reads * voxels);
        CHECK(32.0 * (double)c.store_sectors <= 1.1 * writes * voxels);
        CHECK((double)c.shared_passes <= 1.05 * (double)c.shared_requests);
        mv_cuda_volume_free(&gpu, &d), mv_cuda_volume_free(&gpu, &image);
    }
    CHECK_STATUS(mv_cuda_coil_noise(&gpu, matrix, &a.device), MEDVOL_OK);
    CHECK(emu_profile_of("co_gram", &c));
    snprintf(about, sizeof about, "gram: %llu passes of %llu", c.shared_passes, c.shared_requests);
    CHECK(32.0 * (double)c.load_sectors <= 1.1 * 64 * voxels);
    CHECK((double)c.shared_passes <= 1.1 * (double)c.shared_requests);
    { /* a matrix at each x: between the transforms whole sectors, too */
        const size_t n = 2 * 8 * 8 * 256;
        double *at_x = (double *)malloc(n * sizeof *at_x);
        CHECK_STATUS(mv_cuda_coil_gcc_matrix(&gpu, at_x, 8, &a.device, NULL), MEDVOL_OK);
        CHECK(emu_profile_of("co_gram", &c));
        CHECK(32.0 * (double)c.load_sectors <= 1.1 * 64 * voxels);
        CHECK_SETTLED(mv_cuda_coil_gcc_apply(&gpu, &d, &a.device, at_x, 8), MEDVOL_OK);
        CHECK(emu_profile_of("co_each", &c));
        snprintf(about, sizeof about, "gcc: %g read, %g written", 32.0 * (double)c.load_sectors / voxels,
                 32.0 * (double)c.store_sectors / voxels);
        CHECK(32.0 * (double)c.load_sectors <= 1.1 * (64 + 8.0 * 8 * 8 / 4) * voxels); /* matrices: of 4 lines */
        CHECK(32.0 * (double)c.store_sectors <= 1.1 * 64 * voxels);
        mv_cuda_volume_free(&gpu, &d);
        free(at_x);
    }
    emu_profiling(0);
    twin_free(&a), twin_free(&m);
}

static void test_limits(void) { /* axes of 2^30; 2^29 numbers at an x */
    const size_t many = (size_t)1 << 30;
    double matrix[64];
    mv_espirit_opt o;
    memset(&o, 0, sizeof o);
    snprintf(about, sizeof about, "limits");
    AFAR {
        const mv_volume a = afar(MEDVOL_C64, many, 1, 1, 2), k = afar(MEDVOL_C64, 32, 32, 1, 2),
                        g = afar(MEDVOL_C64, 4, 32768, 8192, 2);
        mv_volume d = afar(MEDVOL_C64, many, 1, 1, 2), image = afar(MEDVOL_C64, many, 32, 1, 2);
        CHECK_STATUS(mv_cuda_coil_walsh(&gpu, &d, &a, NULL), MEDVOL_E_UNSUPPORTED);
        CHECK_STATUS(mv_cuda_coil_inati(&gpu, &d, &a, NULL), MEDVOL_E_UNSUPPORTED);
        CHECK_STATUS(mv_cuda_coil_lowres(&gpu, &d, &a, NULL), MEDVOL_E_UNSUPPORTED);
        CHECK_STATUS(mv_cuda_espirit(&gpu, &d, &a, NULL), MEDVOL_E_UNSUPPORTED);
        o.shape[0] = many, o.shape[1] = 32, o.shape[2] = 1;
        CHECK_STATUS(mv_cuda_espirit(&gpu, &image, &k, &o), MEDVOL_E_UNSUPPORTED);
        CHECK_STATUS(mv_cuda_coil_gcc_matrix(&gpu, matrix, 1, &g, NULL), MEDVOL_E_UNSUPPORTED);
    }
}
SUITE(coils, {"rss", test_rss}, {"limits", test_limits}, {"combine", test_combine}, {"apply", test_apply}, {"noise", test_noise},
      {"compress", test_compress}, {"gcc", test_gcc}, {"gcc_apply", test_gcc_apply}, {"walsh", test_walsh}, {"walsh_odd", test_walsh_odd}, {"inati", test_inati}, {"inati_zeros", test_inati_zeros}, {"lowres", test_lowres},
      {"lowres_zeros", test_lowres_zeros}, {"espirit", test_espirit}, {"espirit_close", test_espirit_close},
      {"errors", test_errors}, {"graph", test_graph}, {"gcc_graph", test_gcc_graph}, {"traffic", test_traffic});
SUITE(once, {"coils_many", test_many}, {"coils_gcc_many", test_gcc_many});
