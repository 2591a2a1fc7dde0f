/* test_grappa.c - GRAPPA: against the definition in double by Gaussian elimination; sums of plane waves,
   which neighbours determine; a phantom; every lattice; shifts, series, places, threads, levels, errors. */
#include "test.h"

typedef struct pair {
    double re, im;
} pair;
static pair times(pair a, pair b) { return (pair){a.re * b.re - a.im * b.im, a.re * b.im + a.im * b.re}; }
static pair at(const mv_volume *v, size_t x, size_t y, size_t z, size_t c) {
    const float *p = (const float *)v->data + 2 * (x * (size_t)v->stride[0] + y * (size_t)v->stride[1] +
                                                  z * (size_t)v->stride[2] + c * (size_t)v->stride[3]);
    return (pair){(double)p[0], (double)p[1]};
}
static int make(mv_volume *v, mv_dtype t, size_t x, size_t y, size_t z, size_t c, size_t f) {
    const size_t dim[5] = {x, y, z, c, f};
    memset(v, 0, sizeof *v);
    return CHECK_OK(mv_volume_alloc(T, v, t, 5, dim));
}
/* Waves, of each coil with a factor of its own; sample (y, z) is that of place (y + dy, z + dz). */
static void waves(mv_volume *v, int count, double dy, double dz, double phase) {
    float *p = (float *)v->data;
    size_t x, y, z, c, f;
    int k;
    for (f = 0; f < v->dim[4]; f++)
        for (c = 0; c < v->dim[3]; c++)
            for (z = 0; z < v->dim[2]; z++)
                for (y = 0; y < v->dim[1]; y++)
                    for (x = 0; x < v->dim[0]; x++, p += 2) {
                        double re = 0, im = 0;
                        for (k = 0; k < count; k++) {
                            const double a = phase + (double)f + (double)x * (0.9 + 1.7 * k) +
                                ((double)y + dy) * (0.3 + 2.3 * k * k) + ((double)z + dz) * (1.1 - 0.8 * k) +
                                (double)((c + 1) * (c + 3) * (size_t)(k + 1) % 17);
                            const double m = 0.5 + (double)((c * 5 + (size_t)k * 3) % 7) / 7;
                            re += m * cos(a), im += m * sin(a);
                        }
                        p[0] = (float)re, p[1] = (float)im;
                    }
}
static void noise(mv_volume *v, uint64_t seed) {
    float *p = (float *)v->data;
    size_t i;
    t_seed(seed);
    for (i = 0; i < 2 * mv_volume_count(v); i++) p[i] = (float)t_normal();
}
/* is (y, z) of the lattice? by going through its definition */
static int on_lattice(size_t y, size_t z, size_t ry, size_t rz, size_t shift, size_t fy, size_t fz) {
    const long dy = (long)y - (long)fy, r = (long)rz;
    long b, d;
    if (((dy % (long)ry) + (long)ry) % (long)ry) return 0;
    b = dy / (long)ry;
    d = (long)z - (long)fz - b * (long)shift;
    return (d % r + r) % r == 0;
}
static int make_mask(mv_volume *m, size_t ny, size_t nz, size_t ry, size_t rz, size_t shift, size_t fy,
                     size_t fz, size_t by, size_t bz) {
    size_t y, z;
    if (!make(m, MEDVOL_U8, 1, ny, nz, 1, 1)) return 0;
    for (z = 0; z < nz; z++)
        for (y = 0; y < ny; y++)
            ((unsigned char *)m->data)[y + ny * z] = (unsigned char)(
                on_lattice(y, z, ry, rz, shift, fy, fz) ||
                (by && y >= ny / 2 - by / 2 && y < ny / 2 - by / 2 + by && z >= nz / 2 - bz / 2 &&
                    z < nz / 2 - bz / 2 + bz));
    return 1;
}
/* what is not sampled becomes what nobody may read */
static void undersample(mv_volume *v, const mv_volume *m, float with) {
    const unsigned char *on = (const unsigned char *)m->data;
    float *p = (float *)v->data;
    const size_t n = v->dim[0], lines = v->dim[1] * v->dim[2], all = mv_volume_count(v) / n;
    size_t r, i;
    for (r = 0; r < all; r++)
        for (i = 0; i < 2 * n && !on[r % lines]; i++) p[r * 2 * n + i] = with;
}
static int same(const mv_volume *a, const mv_volume *b) {
    return a->data && b->data && mv_volume_count(a) == mv_volume_count(b) &&
        memcmp(a->data, b->data, mv_volume_count(a) * mv_dtype_size(a->dtype)) == 0;
}
/* root mean square of the difference, as a part of b's, over what lies `margin` voxels from every edge */
static double distance(const mv_volume *a, const mv_volume *b, size_t mx, size_t my, size_t mz) {
    double wrong = 0, all = 0;
    size_t x, y, z, c;
    for (c = 0; c < a->dim[3]; c++)
        for (z = mz; z + mz < a->dim[2]; z++)
            for (y = my; y + my < a->dim[1]; y++)
                for (x = mx; x + mx < a->dim[0]; x++) {
                    const pair p = at(a, x, y, z, c), q = at(b, x, y, z, c);
                    wrong += (p.re - q.re) * (p.re - q.re) + (p.im - q.im) * (p.im - q.im);
                    all += q.re * q.re + q.im * q.im;
                }
    return wrong == wrong ? sqrt(wrong / all) : INFINITY;
}

/* ---- the definition, of lattices along y ---- */
enum { MOST = 64 };
static pair matrix[MOST][MOST + 1];
static void eliminate(size_t n) { /* the solution in the last column */
    size_t i, j, k, p;
    for (k = 0; k < n; k++) {
        double d;
        for (p = k, i = k; i < n; i++)
            if (hypot(matrix[i][k].re, matrix[i][k].im) > hypot(matrix[p][k].re, matrix[p][k].im)) p = i;
        for (j = 0; j <= n; j++) {
            const pair t = matrix[k][j];
            matrix[k][j] = matrix[p][j], matrix[p][j] = t;
        }
        d = matrix[k][k].re * matrix[k][k].re + matrix[k][k].im * matrix[k][k].im;
        for (j = n + 1; j-- > k;)
            matrix[k][j] = times(matrix[k][j], (pair){matrix[k][k].re / d, -matrix[k][k].im / d});
        for (i = 0; i < n; i++) {
            const pair f = matrix[i][k];
            for (j = k; i != k && j <= n; j++) {
                const pair t = times(f, matrix[k][j]);
                matrix[i][j].re -= t.re, matrix[i][j].im -= t.im;
            }
        }
    }
}
/* neighbour i of (x, y): coil fastest, then line, then x */
static pair neighbour(const mv_volume *v, size_t i, size_t kx, const long *lines, size_t ky, long x, long y) {
    const size_t c = i % v->dim[3], l = i / v->dim[3] % ky, t = i / v->dim[3] / ky;
    const long xx = x + (long)t - (long)(kx / 2), yy = y + lines[l];
    if (xx < 0 || yy < 0 || xx >= (long)v->dim[0] || yy >= (long)v->dim[1]) return (pair){0, 0};
    return at(v, (size_t)xx, (size_t)yy, 0, c);
}
static void define(mv_volume *out, const mv_volume *src, const mv_volume *acs, size_t r, size_t first,
                   size_t kx, size_t ky, double lambda) {
    const size_t coils = src->dim[3], n = kx * ky * coils;
    size_t d, c, i, j;
    long x, y;
    for (d = 1; d < r; d++) {
        long lines[16], low = (long)r - (long)d;
        while (labs(2 * (low - (long)r) + (long)r * ((long)ky - 1)) <
            labs(2 * low + (long)r * ((long)ky - 1)))
            low -= (long)r;
        for (i = 0; i < ky; i++) lines[i] = low + (long)(r * i);
        for (c = 0; c < coils; c++) {
            double trace = 0;
            memset(matrix, 0, sizeof matrix);
            for (y = 0; y < (long)acs->dim[1]; y++) {
                if (y + lines[0] < 0 || y + lines[ky - 1] >= (long)acs->dim[1]) continue;
                for (x = (long)(kx / 2); x + (long)(kx - 1 - kx / 2) < (long)acs->dim[0]; x++)
                    for (i = 0; i < n; i++) {
                        pair s = neighbour(acs, i, kx, lines, ky, x, y);
                        s.im = -s.im;
                        for (j = 0; j <= n; j++) {
                            const pair t = times(s, j < n ? neighbour(acs, j, kx, lines, ky, x, y)
                                                          : at(acs, (size_t)x, (size_t)y, 0, c));
                            matrix[i][j].re += t.re, matrix[i][j].im += t.im;
                        }
                    }
            }
            for (i = 0; i < n; i++) trace += matrix[i][i].re;
            for (i = 0; i < n; i++) matrix[i][i].re += lambda * trace / (double)n;
            eliminate(n);
            for (y = 0; y < (long)src->dim[1]; y++) {
                if ((size_t)(y + (long)(r - first)) % r != d) continue;
                for (x = 0; x < (long)src->dim[0]; x++) {
                    float *p = (float *)out->data +
                        2 * ((size_t)x + src->dim[0] * ((size_t)y + src->dim[1] * src->dim[2] * c));
                    pair sum = {0, 0};
                    for (i = 0; i < n; i++) {
                        const pair t = times(matrix[i][n], neighbour(src, i, kx, lines, ky, x, y));
                        sum.re += t.re, sum.im += t.im;
                    }
                    p[0] = (float)sum.re, p[1] = (float)sum.im;
                }
            }
        }
    }
}
static void test_definition(void) {
    static const struct {
        size_t x, y, coils, r, first, kx, ky;
    } cases[] = {{21, 19, 3, 2, 0, 3, 2}, {40, 17, 2, 3, 1, 5, 4}, {7, 24, 5, 4, 3, 1, 2},
        {35, 12, 1, 2, 1, 4, 3}, {18, 20, 4, 3, 2, 2, 3}, {64, 16, 6, 2, 0, 5, 2}, {1, 16, 2, 2, 0, 1, 4},
        {33, 30, 2, 5, 4, 15, 2}, {19, 13, 3, 3, 0, 3, 1}};
    size_t i;
    for (i = 0; i < (t_threads > 1 ? 2 : sizeof cases / sizeof *cases); i++) {
        mv_volume src, acs, want, got = {0};
        mv_grappa g;
        mv_grappa_opt o = {{cases[i].kx, cases[i].ky, 0}, {cases[i].r, 1}, 0, {cases[i].first, 0}, 0, 0};
        if (!make(&src, MEDVOL_C64, cases[i].x, cases[i].y, 1, cases[i].coils, 1) ||
            !make(&want, MEDVOL_C64, cases[i].x, cases[i].y, 1, cases[i].coils, 1) ||
            !make(&acs, MEDVOL_C64, cases[i].x + 4, 26, 1, cases[i].coils, 1))
            return;
        noise(&src, 3 + i);
        noise(&acs, 40 + i);
        memcpy(want.data, src.data, 8 * mv_volume_count(&src));
        define(&want, &src, &acs, cases[i].r, cases[i].first, cases[i].kx, cases[i].ky, 1e-4);
        if (CHECK_OK(mv_grappa_init(T, &g, &acs, NULL, &o))) {
            CHECK_OK(mv_grappa_execute(T, &g, &got, &src));
            if (!CHECK(distance(&got, &want, 0, 0, 0) < 1e-6))
                fprintf(stderr, "  case %zu: %g\n", i, distance(&got, &want, 0, 0, 0));
        }
        mv_grappa_free(T, &g);
        mv_volume_free(T, &src), mv_volume_free(T, &acs), mv_volume_free(T, &want), mv_volume_free(T, &got);
    }
}

/* ---- waves ---- */
static void test_kernel(void) { /* what a plan tells of its weights makes the same lines */
    mv_volume src, acs, got = {0};
    mv_grappa g;
    const mv_grappa_opt o = {{3, 2, 2}, {2, 3}, 1, {1, 2}, 0, 0};
    ptrdiff_t at_of[2 * 4];
    float w[2 * 2 * 2 * 4 * 3];
    size_t y, z, c, l, from, t;
    if (!make(&src, MEDVOL_C64, 9, 12, 15, 2, 1) || !make(&acs, MEDVOL_C64, 12, 12, 14, 2, 1)) return;
    noise(&src, 5), noise(&acs, 6);
    if (!CHECK_OK(mv_grappa_init(T, &g, &acs, NULL, &o)) || !CHECK_OK(mv_grappa_execute(T, &g, &got, &src)))
        return;
    for (y = 4; y < 8; y++)
        for (z = 6; z < 9; z++) {
            size_t dy, dz = 0; /* so far behind a line of the lattice */
            for (dy = 0; dy < 2; dy++) {
                for (dz = 0; dz < 3 && !on_lattice(y - dy, z - dz, 2, 3, 1, 1, 2); dz++) {}
                if (dz < 3) break;
            }
            if (dy + dz == 0) continue;
            if (!CHECK_OK(mv_grappa_kernel(T, &g, dy, dz, at_of, w))) return;
            for (c = 0; c < 2; c++) {
                pair sum = {0, 0};
                const pair p = at(&got, 4, y, z, c);
                for (l = 0; l < 4; l++)
                    for (from = 0; from < 2; from++)
                        for (t = 0; t < 3; t++) {
                            const float *q = w + 2 * (c + 2 * (t + 3 * (from + 2 * l)));
                            const pair v = times((pair){(double)q[0], (double)q[1]},
                                at(&src, 3 + t, (size_t)((ptrdiff_t)y + at_of[2 * l]),
                                    (size_t)((ptrdiff_t)z + at_of[2 * l + 1]), from));
                            sum.re += v.re, sum.im += v.im;
                        }
                CHECK_NEAR(p.re, sum.re, 2e-5);
                CHECK_NEAR(p.im, sum.im, 2e-5);
            }
        }
    CHECK_OK(mv_grappa_kernel(T, &g, 1, 2, NULL, NULL));
    CHECK(mv_grappa_kernel(T, &g, 0, 0, at_of, NULL) == MEDVOL_E_RANGE);
    CHECK(mv_grappa_kernel(T, &g, 2, 0, at_of, NULL) == MEDVOL_E_RANGE);
    CHECK(mv_grappa_kernel(T, &g, 0, 3, at_of, NULL) == MEDVOL_E_RANGE);
    CHECK(mv_grappa_kernel(T, NULL, 1, 0, at_of, NULL) == MEDVOL_E_NULL);
    mv_grappa_free(T, &g);
    CHECK(mv_grappa_kernel(T, &g, 1, 0, at_of, NULL) == MEDVOL_E_NULL);
    mv_volume_free(T, &src), mv_volume_free(T, &acs), mv_volume_free(T, &got);
}
static void test_waves(void) { /* 2-D, 3-D, CAIPI, with a mask and the calibration lines in it */
    static const struct {
        size_t y, z, ry, rz, shift, block_y, block_z, margin_y, margin_z;
    } cases[] = {{40, 1, 2, 1, 0, 18, 1, 4, 0}, {48, 1, 4, 1, 0, 24, 1, 8, 0}, {1, 40, 1, 3, 0, 1, 20, 0, 6},
        {26, 24, 2, 2, 0, 16, 16, 4, 4}, {26, 24, 1, 4, 2, 16, 16, 5, 4}, {30, 16, 1, 3, 1, 18, 12, 8, 4},
        {26, 22, 2, 2, 1, 16, 16, 8, 8}, {22, 26, 1, 4, 0, 10, 20, 2, 8}};
    size_t i;
    for (i = 0; i < sizeof cases / sizeof *cases; i++) {
        mv_volume full, src, mask, got = {0};
        mv_grappa_opt o = {{3, 0, 0}, {0, 0}, 0, {0, 0}, 1e-9, 0};
        const size_t fy = cases[i].ry > 1, fz = cases[i].rz > 1;
        if (!make(&full, MEDVOL_C64, 20, cases[i].y, cases[i].z, 3, 1)) return;
        if (!make_mask(&mask, cases[i].y, cases[i].z, cases[i].ry, cases[i].rz, cases[i].shift, fy, fz,
                cases[i].block_y, cases[i].block_z))
            return;
        memset(&src, 0, sizeof src);
        waves(&full, 5, 0, 0, 0);
        CHECK_OK(mv_volume_copy(T, &src, &full));
        undersample(&src, &mask, NAN);
        if (!CHECK_OK(mv_grappa_recon(T, &got, &src, NULL, &mask, &o)))
            fprintf(stderr, "  case %zu: %s\n", i, mv_message(T));
        else if (!CHECK(distance(&got, &full, 2, cases[i].margin_y, cases[i].margin_z) < 1e-4))
            fprintf(stderr, "  case %zu: %g\n", i,
                distance(&got, &full, 2, cases[i].margin_y, cases[i].margin_z));
        undersample(&got, &mask, NAN); /* what was sampled is as it was */
        CHECK(same(&got, &src));
        mv_volume_free(T, &full), mv_volume_free(T, &src), mv_volume_free(T, &mask), mv_volume_free(T, &got);
    }
}
static void test_identity(void) { /* R = 1 */
    mv_volume src, mask, got = {0};
    mv_grappa_opt o = {{0, 0, 0}, {1, 1}, 0, {0, 0}, 0, 0};
    if (!make(&src, MEDVOL_C64, 13, 9, 5, 4, 2) || !make_mask(&mask, 9, 5, 1, 1, 0, 0, 0, 0, 0)) return;
    noise(&src, 5);
    CHECK_OK(mv_grappa_recon(T, &got, &src, NULL, &mask, NULL));
    CHECK(same(&got, &src));
    mv_volume_free(T, &got);
    CHECK_OK(mv_grappa_recon(T, &got, &src, &src, NULL, &o));
    CHECK(same(&got, &src));
    mv_volume_free(T, &src), mv_volume_free(T, &mask), mv_volume_free(T, &got);
}

/* ---- a phantom of Gaussians, seen by coils of Gaussian sensitivity ---- */
static void phantom(mv_volume *k, size_t coils) {
    const size_t nx = k->dim[0], ny = k->dim[1];
    mv_fft_opt o = {0};
    float *p = (float *)k->data;
    size_t x, y, c, e;
    static const double blob[6][4] = {{0, 0, 0.22, 1}, {0.1, 0.12, 0.06, -0.5}, {-0.12, 0.1, 0.05, 0.6},
        {0.02, -0.15, 0.04, 0.8}, {-0.1, -0.1, 0.08, -0.3}, {0.2, -0.05, 0.02, 0.5}};
    for (c = 0; c < coils; c++) {
        const double a = 6.283185307179586 * (double)c / (double)coils;
        for (y = 0; y < ny; y++)
            for (x = 0; x < nx; x++, p += 2) {
                const double u = (double)x / (double)nx - 0.5, v = (double)y / (double)ny - 0.5;
                const double cu = u - 0.5 * cos(a), cv = v - 0.5 * sin(a);
                const double s = exp(-2.0 * (cu * cu + cv * cv)), t = a + 2 * u - v * cos(a);
                double image = 0;
                for (e = 0; e < 6; e++) {
                    const double du = u - blob[e][0], dv = v - blob[e][1];
                    image += blob[e][3] * exp(-(du * du + dv * dv) / (blob[e][2] * blob[e][2]));
                }
                p[0] = (float)(image * s * cos(t)), p[1] = (float)(image * s * sin(t));
            }
    }
    o.axes = 3;
    o.flags = MEDVOL_FFT_CENTERED | MEDVOL_FFT_UNITARY;
    CHECK_OK(mv_fft(T, k, k, &o));
}
static void test_phantom(void) {
    static const double bar[3] = {2e-3, 5e-3, 2e-2}; /* of noiseless data */
    size_t r;
    mv_volume full, src, mask, got = {0};
    if (!make(&full, MEDVOL_C64, 64, 64, 1, 8, 1)) return;
    phantom(&full, 8);
    memset(&src, 0, sizeof src);
    for (r = 2; r < 5; r++) {
        mv_grappa_opt o = {{0, 0, 0}, {0, 0}, 0, {0, 0}, 1e-7, 0};
        double left;
        if (!make_mask(&mask, 64, 1, r, 1, 0, 0, 0, 20, 1)) return;
        CHECK_OK(mv_volume_copy(T, &src, &full));
        undersample(&src, &mask, 0);
        left = distance(&src, &full, 0, 0, 0);
        CHECK_OK(mv_grappa_recon(T, &src, &src, NULL, &mask, &o));
        if (!CHECK(distance(&src, &full, 0, 0, 0) < bar[r - 2] && left > bar[r - 2]))
            fprintf(stderr, "  R = %zu: %g of %g\n", r, distance(&src, &full, 0, 0, 0), left);
        mv_volume_free(T, &mask);
    }
    mv_volume_free(T, &full), mv_volume_free(T, &src), mv_volume_free(T, &got);
}

/* ---- lattices ---- */
static void test_lattices(void) { /* every one is found, from any place; one line more or less is not */
    size_t ry, rz, s, n = 0;
    mv_volume acs;
    if (!make(&acs, MEDVOL_C64, 1, 33, 33, 1, 1)) return;
    noise(&acs, 1);
    for (ry = 1; ry <= 4; ry++)
        for (rz = 1; rz <= 6; rz++)
            for (s = 0; s < rz; s++, n++) {
                const size_t fy = (n * 7) % ry, fz = (n * 5) % rz, block = n % 3 ? 7 : 0;
                mv_grappa_opt o = {{1, 1, 1}, {0, 0}, 0, {0, 0}, 0, 0}, given = o;
                mv_grappa g;
                mv_volume mask;
                unsigned char *on;
                size_t y, z;
                if (!make_mask(&mask, 28, 31, ry, rz, s, fy, fz, block, block)) return;
                on = (unsigned char *)mask.data;
                if (CHECK_OK(mv_grappa_init(T, &g, &acs, &mask, &o))) {
                    if (!CHECK(g.accel[0] == ry && g.accel[1] == rz && g.shift == s && g.first[1] == fz &&
                            g.first[0] == fy))
                        fprintf(stderr, "  %zu x %zu, shift %zu, from %zu, %zu: %zu x %zu, %zu, %zu, %zu\n",
                            ry, rz, s, fy, fz, g.accel[0], g.accel[1], g.shift, g.first[0], g.first[1]);
                    mv_grappa_free(T, &g);
                } else fprintf(stderr, "  %zu x %zu, shift %zu: %s\n", ry, rz, s, mv_message(T));
                for (y = fy + ry, z = 0; !on_lattice(y, z, ry, rz, s, fy, fz);) z++;
                if (ry * rz > 1) {
                    on[y + 28 * z] = 0;
                    CHECK_STATUS(mv_grappa_init(T, &g, &acs, &mask, &o), MEDVOL_E_UNSUPPORTED);
                    CHECK(!g.kernels && strstr(mv_message(T), "mask"));
                    given.accel[0] = ry, given.accel[1] = rz, given.shift = s; /* said, with a line missing */
                    if (CHECK_OK(mv_grappa_init(T, &g, &acs, &mask, &given)))
                        CHECK(g.first[0] == fy && g.first[1] == fz);
                    mv_grappa_free(T, &g);
                    on[y + 28 * z] = 1;
                    for (y = (fy + 1) % ry, z = 0; on_lattice(y, z, ry, rz, s, fy, fz);) z++;
                    on[y + 28 * z] = 1;
                    CHECK_STATUS(mv_grappa_init(T, &g, &acs, &mask, &o), MEDVOL_E_UNSUPPORTED);
                }
                mv_volume_free(T, &mask);
            }
    mv_volume_free(T, &acs);
}
static void test_mask_uniform(void) { /* the masks' options and these mean the same */
    mv_volume acs, mask = {0};
    size_t n;
    if (!make(&acs, MEDVOL_C64, 1, 20, 20, 1, 1)) return;
    noise(&acs, 1);
    for (n = 0; n < 24; n++) {
        const size_t shape[3] = {1, 32 + n % 3, 30 + n % 5};
        mv_mask_uniform_opt u = {{0, 0}, {0, 0}, 0, {0, 0}};
        mv_grappa_opt o = {{1, 1, 1}, {0, 0}, 0, {0, 0}, 0, 0};
        mv_grappa found, g;
        u.accel[0] = 1 + n % 3, u.accel[1] = 1 + n / 3 % 4, u.shift = n % u.accel[1];
        u.calib[0] = n % 2 ? 8 : 0, u.calib[1] = n % 2 ? 6 : 0;
        u.offset[0] = n % u.accel[0], u.offset[1] = n / 5 % u.accel[1];
        CHECK_OK(mv_mask_uniform(T, &mask, shape, &u));
        memcpy(o.accel, u.accel, sizeof o.accel);
        o.shift = u.shift;
        o.first[0] = shape[1] / 2 + u.offset[0], o.first[1] = shape[2] / 2 + u.offset[1];
        if (CHECK_OK(mv_grappa_init(T, &found, &acs, &mask, NULL)) &&
            CHECK_OK(mv_grappa_init(T, &g, &acs, NULL, &o)))
            CHECK(found.shift == g.shift && memcmp(found.first, g.first, sizeof g.first) == 0 &&
                memcmp(found.accel, g.accel, sizeof g.accel) == 0);
        mv_grappa_free(T, &found);
        o.first[0] = o.first[1] = 0; /* found from the mask */
        if (CHECK_OK(mv_grappa_init(T, &found, &acs, &mask, &o)))
            CHECK(memcmp(found.first, g.first, sizeof g.first) == 0);
        mv_grappa_free(T, &found), mv_grappa_free(T, &g);
        mv_volume_free(T, &mask);
    }
    mv_volume_free(T, &acs);
}
static void test_shift(void) { /* the lattice moved with the data: the same, moved */
    mv_volume a, b, acs, ma, mb, out_a = {0}, out_b = {0};
    size_t x, y, z, c, wrong = 0;
    if (!make(&a, MEDVOL_C64, 12, 22, 20, 3, 1) || !make(&b, MEDVOL_C64, 12, 22, 20, 3, 1) ||
        !make(&acs, MEDVOL_C64, 12, 18, 18, 3, 1) || !make_mask(&ma, 22, 20, 2, 2, 1, 0, 0, 0, 0) ||
        !make_mask(&mb, 22, 20, 2, 2, 1, 1, 1, 0, 0))
        return;
    noise(&a, 6);
    noise(&b, 7);
    waves(&acs, 9, 0, 0, 0.2);
    for (c = 0; c < 3; c++) /* b is a, one line further */
        for (z = 1; z < 20; z++)
            for (y = 1; y < 22; y++)
                memcpy((float *)b.data + 2 * 12 * (y + 22 * (z + 20 * c)),
                    (float *)a.data + 2 * 12 * (y - 1 + 22 * (z - 1 + 20 * c)), 8 * 12);
    CHECK_OK(mv_grappa_recon(T, &out_a, &a, &acs, &ma, NULL));
    CHECK_OK(mv_grappa_recon(T, &out_b, &b, &acs, &mb, NULL));
    for (c = 0; c < 3 && out_a.data && out_b.data; c++)
        for (z = 5; z < 14; z++)
            for (y = 5; y < 16; y++)
                for (x = 0; x < 12; x++) {
                    const pair p = at(&out_a, x, y, z, c), q = at(&out_b, x, y + 1, z + 1, c);
                    wrong += p.re != q.re || p.im != q.im;
                }
    CHECK(wrong == 0);
    mv_volume_free(T, &a), mv_volume_free(T, &b), mv_volume_free(T, &acs), mv_volume_free(T, &ma);
    mv_volume_free(T, &mb), mv_volume_free(T, &out_a), mv_volume_free(T, &out_b);
}

/* ---- places ---- */
static void test_places(void) { /* frame by frame, in place, with gaps, of doubles, serial: the same bits */
    mv_volume src, acs, mask, got = {0}, one = {0}, wide, view, big;
    mv_grappa g;
    const size_t frames[5] = {19, 22, 6, 5, 3};
    size_t start[5] = {0, 0, 0, 0, 0}, size[5], f;
    memcpy(size, frames, sizeof size);
    size[4] = 1;
    if (!make(&src, MEDVOL_C64, 19, 22, 6, 5, 3) || !make(&acs, MEDVOL_C64, 19, 20, 6, 5, 1) ||
        !make_mask(&mask, 22, 6, 3, 1, 1, 0, 0, 0, 0))
        return;
    noise(&src, 8);
    waves(&acs, 7, 0, 0, 0);
    src.step[0] = 1.0, src.step[1] = 2.5;
    if (!CHECK_OK(mv_grappa_init(T, &g, &acs, &mask, NULL))) return;
    CHECK(g.kernel[0] == 5 && g.kernel[1] == 4 && g.kernel[2] == 4 && g.coils == 5 && g.dim[1] == 22);
    CHECK_OK(mv_grappa_execute(T, &g, &got, &src));
    CHECK(got.dtype == MEDVOL_C64 && got.ndim == 5 && got.step[1] == 2.5);
    for (f = 0; f < 3 && got.data; f++) {
        start[4] = f;
        CHECK_OK(mv_volume_view(T, &view, &src, start, size));
        CHECK_OK(mv_grappa_execute(T, &g, &one, &view));
        CHECK(memcmp(one.data, (float *)got.data + f * 2 * mv_volume_count(&one),
                  8 * mv_volume_count(&one)) == 0);
        mv_volume_free(T, &one);
    }
    CHECK_OK(mv_grappa_execute(NULL, &g, &one, &src)); /* no context */
    CHECK(same(&one, &got));
    mv_volume_free(NULL, &one);
    memset(&big, 0, sizeof big);
    CHECK_OK(mv_convert(T, &big, &src, MEDVOL_C128, NULL));
    CHECK_OK(mv_grappa_execute(T, &g, &one, &big));
    CHECK(same(&one, &got));
    CHECK_OK(mv_grappa_execute(T, &g, &big, &big)); /* its memory goes */
    CHECK(big.dtype == MEDVOL_C64 && same(&big, &got));
    if (make(&wide, MEDVOL_C64, 23, 24, 8, 6, 4)) { /* a view, in place and as destination */
        size[4] = 3;
        start[0] = start[1] = start[2] = start[3] = start[4] = 1;
        memset(wide.data, 0x55, 8 * mv_volume_count(&wide));
        CHECK_OK(mv_volume_view(T, &view, &wide, start, size));
        CHECK_OK(mv_grappa_execute(T, &g, &view, &src));
        mv_volume_free(T, &one);
        CHECK_OK(mv_volume_copy(T, &one, &view));
        CHECK(same(&one, &got));
        CHECK_OK(mv_volume_copy(T, &view, &src));
        CHECK_OK(mv_grappa_execute(T, &g, &view, &view));
        CHECK_OK(mv_volume_copy(T, &one, &view));
        CHECK(same(&one, &got));
        for (f = 0; f < 8; f++) CHECK(((unsigned char *)wide.data)[f] == 0x55);
        mv_volume_free(T, &wide);
    }
    CHECK_OK(mv_grappa_execute(T, &g, &src, &src));
    CHECK(same(&src, &got));
    mv_grappa_free(T, &g);
    mv_grappa_free(T, &g);
    mv_grappa_free(T, NULL);
    mv_volume_free(T, &src), mv_volume_free(T, &acs), mv_volume_free(T, &mask), mv_volume_free(T, &got);
    mv_volume_free(T, &one), mv_volume_free(T, &big);
}
/* calibration lines, lines of the lattice that were not acquired, frames of acs */
static void test_kept(void) {
    mv_volume src, acs, mask, got = {0}, again = {0};
    mv_grappa g;
    mv_grappa_opt o = {{0, 0, 0}, {0, 0}, 0, {0, 0}, 0, 0};
    size_t y, i, kept, made;
    float *p;
    if (!make(&src, MEDVOL_C64, 9, 40, 1, 2, 1) || !make(&acs, MEDVOL_C64, 9, 16, 1, 2, 3) ||
        !make_mask(&mask, 40, 1, 2, 1, 0, 1, 0, 10, 1))
        return;
    noise(&src, 9);
    noise(&acs, 10);
    for (o.refill = 0; o.refill < 2; o.refill++) {
        kept = made = 0;
        CHECK_OK(mv_grappa_recon(T, &got, &src, &acs, &mask, &o));
        for (y = 0; y < 40; y++) {
            const int is = memcmp((float *)got.data + 18 * y, (float *)src.data + 18 * y, 72) == 0;
            kept += is, made += !is;
        }
        CHECK(kept == (o.refill ? 20 : 25));
    }
    o.refill = 0;
    o.accel[0] = 2; /* the first eight lines were not acquired: nobody reads them */
    for (y = 0; y < 8; y++) ((unsigned char *)mask.data)[y] = 0;
    for (i = 0; i < 2 * 9 * 8; i++)
        ((float *)src.data)[i] = ((float *)src.data)[2 * 9 * 40 + i] = i >= 18 && i < 36 ? 0 : NAN;
    if (CHECK_OK(mv_grappa_init(T, &g, &acs, &mask, &o))) {
        CHECK(g.first[0] == 1);
        CHECK_OK(mv_grappa_execute(T, &g, &again, &src));
        p = (float *)again.data;
        for (i = 0; i < 18; i++) CHECK(p[i] == 0 && p[18 + i] == 0 && isnan(p[18 * 3 + i]));
        for (y = 9, kept = 0; y < 40; y++)
            kept += memcmp((float *)got.data + 18 * y, p + 18 * y, 72) == 0;
        CHECK(kept >= 20);
        mv_grappa_free(T, &g);
    }
    mv_volume_free(T, &src), mv_volume_free(T, &acs), mv_volume_free(T, &mask), mv_volume_free(T, &got);
    mv_volume_free(T, &again);
}
static void test_levels(void) { /* threads to the bit, levels closely */
    mv_volume src, acs, got = {0}, want = {0};
    mv_grappa_opt o = {{3, 2, 3}, {2, 2}, 1, {0, 1}, 0, 0};
    if (!make(&src, MEDVOL_C64, 37, 15, 12, 18, 1) || !make(&acs, MEDVOL_C64, 9, 14, 14, 18, 1)) return;
    noise(&src, 11);
    noise(&acs, 12);
    CHECK_OK(mv_grappa_recon(T, &got, &src, &acs, NULL, &o));
    CHECK_OK(mv_grappa_recon(NULL, &want, &src, &acs, NULL, &o));
    CHECK(same(&got, &want));
    mv_volume_free(NULL, &want);
    mv_level_force(1);
    CHECK_OK(mv_grappa_recon(T, &want, &src, &acs, NULL, &o));
    mv_level_force(t_level);
    CHECK(distance(&got, &want, 0, 0, 0) < 1e-6);
    mv_volume_free(T, &src), mv_volume_free(T, &acs), mv_volume_free(T, &got), mv_volume_free(T, &want);
}
static void test_nan(void) { /* reaches those that have it as neighbour, no others */
    mv_volume src, acs, clean = {0}, got = {0};
    mv_grappa_opt o = {{3, 2, 1}, {2, 1}, 0, {0, 0}, 0, 0};
    size_t x, y, c;
    if (!make(&src, MEDVOL_C64, 40, 12, 1, 3, 1) || !make(&acs, MEDVOL_C64, 20, 12, 1, 3, 1)) return;
    noise(&src, 13);
    noise(&acs, 14);
    CHECK_OK(mv_grappa_recon(T, &clean, &src, &acs, NULL, &o));
    ((float *)src.data)[2 * (20 + 40 * (6 + 12))] = NAN; /* coil 1 */
    CHECK_OK(mv_grappa_recon(T, &got, &src, &acs, NULL, &o));
    for (c = 0; c < 3; c++)
        for (y = 0; y < 12; y++)
            for (x = 0; x < 40; x++) {
                const pair p = at(&got, x, y, 0, c), q = at(&clean, x, y, 0, c);
                const int near_it = x >= 19 && x <= 21 && (y == 5 || y == 7);
                if (near_it) CHECK(p.re != p.re && p.im != p.im);
                else CHECK((x == 20 && y == 6 && c == 1) || (p.re == q.re && p.im == q.im));
            }
    mv_volume_free(T, &src), mv_volume_free(T, &acs), mv_volume_free(T, &clean), mv_volume_free(T, &got);
}

/* ---- errors ---- */
/* What errors are shown with: two coils of 24 lines, every second of which is sampled; of calibration 12. */
typedef struct given {
    mv_volume src, acs, mask, real;
} given;
static int begin(given *g) {
    if (!make(&g->src, MEDVOL_C64, 16, 24, 1, 2, 1) || !make(&g->acs, MEDVOL_C64, 16, 12, 1, 2, 1) ||
        !make_mask(&g->mask, 24, 1, 2, 1, 0, 0, 0, 0, 0) || !make(&g->real, MEDVOL_F32, 16, 12, 1, 2, 1))
        return 0;
    noise(&g->src, 15);
    noise(&g->acs, 16);
    memset(g->real.data, 0, 4 * mv_volume_count(&g->real));
    return 1;
}
static void end(given *g) {
    mv_volume_free(T, &g->src), mv_volume_free(T, &g->acs), mv_volume_free(T, &g->mask);
    mv_volume_free(T, &g->real);
}
static const mv_grappa_opt plain = {{0, 0, 0}, {2, 1}, 0, {0, 0}, 0, 0};
/* mv_grappa_init gives this status and nothing else; o is plain again. */
static void refused(mv_status status, const mv_volume *acs, const mv_volume *mask, mv_grappa_opt *o) {
    mv_grappa g;
    memset(&g, 0x7f, sizeof g);
    CHECK_STATUS(mv_grappa_init(T, &g, acs, mask, o), status);
    CHECK(!g.kernels && g.coils == 0 && mv_message(T)[0]);
    *o = plain;
}
static void test_option_errors(void) {
    mv_volume empty = {0};
    mv_grappa_opt o = plain;
    mv_grappa h;
    given g;
    if (!begin(&g)) return;
    CHECK_STATUS(mv_grappa_init(T, NULL, &g.acs, &g.mask, &o), MEDVOL_E_NULL);
    refused(MEDVOL_E_NULL, NULL, &g.mask, &o);
    refused(MEDVOL_E_NULL, &empty, &g.mask, &o);
    o.accel[0] = o.accel[1] = 0, refused(MEDVOL_E_NULL, &g.acs, NULL, &o);
    refused(MEDVOL_E_DTYPE, &g.real, NULL, &o);
    refused(MEDVOL_E_DTYPE, &g.acs, &g.acs, &o);
    o.lambda = NAN, refused(MEDVOL_E_RANGE, &g.acs, NULL, &o);
    o.lambda = INFINITY, refused(MEDVOL_E_RANGE, &g.acs, NULL, &o);
    o.kernel[1] = 16, refused(MEDVOL_E_RANGE, &g.acs, NULL, &o);
    o.shift = 2, refused(MEDVOL_E_RANGE, &g.acs, NULL, &o);
    o.shift = (size_t)-1, refused(MEDVOL_E_RANGE, &g.acs, NULL, &o);
    o.accel[0] = o.accel[1] = (size_t)-1 / 2, refused(MEDVOL_E_UNSUPPORTED, &g.acs, NULL, &o);
    o.accel[1] = 33, refused(MEDVOL_E_UNSUPPORTED, &g.acs, NULL, &o);
    o.accel[0] = 8, refused(MEDVOL_E_SHAPE, &g.acs, NULL, &o); /* 25 lines are needed */
    CHECK(strstr(mv_message(T), "25"));
    o.kernel[2] = 2, refused(MEDVOL_E_SHAPE, &g.acs, NULL, &o);
    o.kernel[0] = 15, o.lambda = -1, refused(MEDVOL_E_SINGULAR, &g.acs, NULL, &o); /* fewer equations */
    CHECK(strstr(mv_message(T), "pivot"));
    memcpy((float *)g.acs.data + 2 * 16 * 12, g.acs.data, 8 * 16 * 12); /* one coil twice */
    o.lambda = -1, refused(MEDVOL_E_SINGULAR, &g.acs, NULL, &o);
    CHECK_OK(mv_grappa_init(T, &h, &g.acs, NULL, &o));
    mv_grappa_free(T, &h);
    ((float *)g.acs.data)[5] = NAN, refused(MEDVOL_E_RANGE, &g.acs, NULL, &o);
    memset(g.acs.data, 0, 8 * mv_volume_count(&g.acs));
    refused(MEDVOL_E_SINGULAR, &g.acs, NULL, &o);
    end(&g);
}
static void test_mask_errors(void) {
    mv_grappa_opt o = plain;
    unsigned char *line;
    given g;
    if (!begin(&g)) return;
    line = (unsigned char *)g.mask.data;
    o.accel[0] = 0, refused(MEDVOL_E_SHAPE, &g.acs, &g.real, &o); /* of two coils */
    line[3] = 1;
    o.accel[0] = o.accel[1] = 0, refused(MEDVOL_E_UNSUPPORTED, &g.acs, &g.mask, &o);
    memset(line, 0, 24);
    o.accel[0] = o.accel[1] = 0, refused(MEDVOL_E_EMPTY, &g.acs, &g.mask, &o);
    refused(MEDVOL_E_EMPTY, &g.acs, &g.mask, &o);
    memset(line, 1, 6); /* three lines of the lattice, and three beside it */
    refused(MEDVOL_E_UNSUPPORTED, &g.acs, &g.mask, &o);
    CHECK(strstr(mv_message(T), "lies"));
    memset(line, 0, 6);
    line[3] = 1; /* one line */
    o.accel[0] = o.accel[1] = 0, refused(MEDVOL_E_UNSUPPORTED, &g.acs, &g.mask, &o);
    mv_volume_free(T, &g.real);
    if (!make(&g.real, MEDVOL_F32, 16, 24, 1, 1, 1)) return; /* a line sampled in part */
    memset(g.real.data, 0, 4 * mv_volume_count(&g.real));
    ((float *)g.real.data)[5] = 1;
    o.accel[0] = o.accel[1] = 0, refused(MEDVOL_E_UNSUPPORTED, &g.acs, &g.real, &o);
    ((float *)g.real.data)[5] = NAN;
    o.accel[0] = o.accel[1] = 0, refused(MEDVOL_E_RANGE, &g.acs, &g.real, &o);
    CHECK(strstr(mv_message(T), "x = 5"));
    mv_volume_free(T, &g.real);
    if (!make(&g.real, MEDVOL_F32, 1, 24, 1, 2, 1)) return; /* a mask of coils */
    memset(g.real.data, 0, 4 * mv_volume_count(&g.real));
    o.accel[0] = o.accel[1] = 0, refused(MEDVOL_E_SHAPE, &g.acs, &g.real, &o);
    end(&g);
}
static void test_execute_errors(void) {
    const size_t start[5] = {0, 0, 0, 0, 0}, size[5] = {16, 2, 1, 2, 1};
    mv_volume got = {0}, one, few;
    mv_grappa_opt o = plain;
    mv_grappa w, h;
    given g;
    if (!begin(&g) || !CHECK_OK(mv_grappa_init(T, &w, &g.acs, &g.mask, NULL))) return;
    memset(&h, 0, sizeof h);
    CHECK_STATUS(mv_grappa_execute(T, NULL, &got, &g.src), MEDVOL_E_NULL);
    CHECK_STATUS(mv_grappa_execute(T, &h, &got, &g.src), MEDVOL_E_NULL);
    CHECK_STATUS(mv_grappa_execute(T, &w, NULL, &g.src), MEDVOL_E_NULL);
    CHECK_STATUS(mv_grappa_execute(T, &w, &got, NULL), MEDVOL_E_NULL);
    CHECK_STATUS(mv_grappa_execute(T, &w, &got, &g.acs), MEDVOL_E_SHAPE); /* 12 lines */
    CHECK_STATUS(mv_grappa_execute(T, &w, &g.real, &g.src), MEDVOL_E_DTYPE);
    CHECK_STATUS(mv_grappa_execute(T, &w, &g.acs, &g.src), MEDVOL_E_SHAPE);
    mv_volume_free(T, &g.real);
    if (!make(&g.real, MEDVOL_F32, 16, 24, 1, 2, 1)) return;
    CHECK_STATUS(mv_grappa_execute(T, &w, &got, &g.real), MEDVOL_E_DTYPE);
    one = g.src, one.owner = NULL, one.dim[3] = 1;
    CHECK_STATUS(mv_grappa_execute(T, &w, &got, &one), MEDVOL_E_SHAPE);
    CHECK(strstr(mv_message(T), "coils"));
    mv_grappa_free(T, &w);
    o.accel[0] = 3, o.kernel[1] = 2; /* of two lines the second has no lattice line about it */
    CHECK_OK(mv_volume_view(T, &few, &g.src, start, size));
    o.first[0] = 2;
    if (CHECK_OK(mv_grappa_init(T, &w, &g.acs, NULL, &o)))
        CHECK_STATUS(mv_grappa_execute(T, &w, &got, &few), MEDVOL_E_SHAPE);
    CHECK(strstr(mv_message(T), "neighbour"));
    mv_grappa_free(T, &w);
    o.first[0] = 0;
    if (CHECK_OK(mv_grappa_init(T, &w, &g.acs, NULL, &o))) CHECK_OK(mv_grappa_execute(T, &w, &got, &few));
    mv_grappa_free(T, &w), mv_volume_free(T, &got);
    end(&g);
}
static void test_recon_errors(void) {
    mv_volume got = {0};
    given g;
    if (!begin(&g)) return;
    CHECK_STATUS(mv_grappa_recon(T, &got, &g.src, NULL, NULL, NULL), MEDVOL_E_NULL);
    CHECK_STATUS(mv_grappa_recon(T, &got, NULL, NULL, &g.mask, NULL), MEDVOL_E_NULL);
    /* one line at the centre */
    CHECK_STATUS(mv_grappa_recon(T, &got, &g.src, NULL, &g.mask, NULL), MEDVOL_E_SHAPE);
    ((unsigned char *)g.mask.data)[12] = 0;
    CHECK_STATUS(mv_grappa_recon(T, &got, &g.src, NULL, &g.mask, NULL), MEDVOL_E_SHAPE);
    CHECK(strstr(mv_message(T), "centre") && !got.data);
    end(&g);
}

/* ---- what is wrong with dst and src is told before the fit ---- */
static int count_calls(void *user, double done, double total, const char *label) {
    (void)done, (void)total, (void)label;
    ++*(int *)user;
    return 0;
}
static void test_recon_first(void) {
    mv_volume src, acs, few, wrong, got = {0};
    const mv_grappa_opt o = {{0, 0, 0}, {3, 1}, 0, {0, 0}, 0, 0};
    int calls = 0;
    if (!make(&src, MEDVOL_C64, 16, 24, 1, 3, 1) || !make(&acs, MEDVOL_C64, 40, 20, 1, 3, 1) ||
        !make(&few, MEDVOL_C64, 40, 20, 1, 2, 1) || !make(&wrong, MEDVOL_F32, 16, 24, 1, 3, 1))
        return;
    noise(&src, 17), noise(&acs, 18), noise(&few, 19);
    memset(wrong.data, 0, 4 * mv_volume_count(&wrong));
    T->desc.progress = count_calls, T->desc.progress_user = &calls;
    CHECK_STATUS(mv_grappa_recon(T, NULL, &src, &acs, NULL, &o), MEDVOL_E_NULL);
    CHECK_STATUS(mv_grappa_recon(T, &wrong, &src, &acs, NULL, &o), MEDVOL_E_DTYPE);
    CHECK_STATUS(mv_grappa_recon(T, &acs, &src, &acs, NULL, &o), MEDVOL_E_SHAPE);
    CHECK_STATUS(mv_grappa_recon(T, &got, &wrong, &acs, NULL, &o), MEDVOL_E_DTYPE);
    CHECK_STATUS(mv_grappa_recon(T, &got, &src, &few, NULL, &o), MEDVOL_E_SHAPE);
    CHECK(calls == 0 && !got.data);
    T->desc.progress = NULL;
    mv_volume_free(T, &src), mv_volume_free(T, &acs), mv_volume_free(T, &few), mv_volume_free(T, &wrong);
}

static void test_memory(void) {
    static const size_t accel[2][2] = {{4, 1}, {2, 2}};
    mv_ctx ctx;
    int k;
    if (T_SMALL) return;
    t_weigh(&ctx, t_threads);
    for (k = 0; k < 2; k++) {
        mv_grappa_opt o = {{0, 0, 0}, {0, 0}, 0, {0, 0}, 0, 0};
        const double n = k ? 8 * 5 * 16 : 8 * 5 * 4, said = 16 * (n + 3 * 8) * (n + 1100);
        mv_volume acs;
        mv_grappa g;
        size_t idle;
        double took;
        o.accel[0] = accel[k][0], o.accel[1] = accel[k][1];
        if (!make(&acs, MEDVOL_C64, k ? 32 : 128, k ? 16 : 32, k ? 16 : 1, 8, 1)) return;
        noise(&acs, 20);
        idle = t_weight();
        t_peak();
        CHECK_OK(mv_grappa_init(&ctx, &g, &acs, NULL, &o));
        took = (double)t_peak();
        CHECK(took > 0.7 * said && took < said);
        CHECK((double)(t_weight() - idle) < 8 * n * 3 * 8 + 4096);
        mv_grappa_free(&ctx, &g), mv_volume_free(T, &acs);
    }
    mv_ctx_free(&ctx);
    CHECK(t_weight() == 0);
}

/* ---- cancelling at every step ---- */
static int stop_at(void *user, double done, double total, const char *label) {
    (void)done, (void)total, (void)label;
    return (*(int *)user)-- <= 0;
}
static void test_cancel(void) {
    mv_volume src, acs, got = {0};
    mv_grappa_opt o = {{0, 0, 0}, {3, 1}, 0, {0, 0}, 0, 0};
    int k, left, stopped = 0;
    mv_status st = MEDVOL_E_CANCELLED;
    if (!make(&src, MEDVOL_C64, 16, 24, 1, 3, 2) || !make(&acs, MEDVOL_C64, 40, 20, 1, 3, 1)) return;
    noise(&src, 17);
    noise(&acs, 18);
    T->desc.progress = stop_at;
    T->desc.progress_user = &left;
    for (k = 0; k < 10000 && st == MEDVOL_E_CANCELLED; k += 1 + k / 8) {
        left = k;
        st = mv_grappa_recon(T, &got, &src, &acs, NULL, &o);
        stopped += st == MEDVOL_E_CANCELLED;
        CHECK(st == MEDVOL_OK || (st == MEDVOL_E_CANCELLED && !got.data));
    }
    T->desc.progress = NULL;
    CHECK(st == MEDVOL_OK && stopped > 0);
    mv_volume_free(T, &src), mv_volume_free(T, &acs), mv_volume_free(T, &got);
}

const t_case tests_grappa[] = {
    {"definition", test_definition, 0}, {"kernel", test_kernel, 0},
    {"waves", test_waves, 0},
    {"identity", test_identity, 0},
    {"phantom", test_phantom, 0},
    {"lattices", test_lattices, T_ONCE},
    {"mask_uniform", test_mask_uniform, 0}, {"shift", test_shift, 0},
    {"places", test_places, 0},
    {"kept", test_kept, 0},
    {"levels", test_levels, 0},
    {"nan", test_nan, 0},
    {"option_errors", test_option_errors, 0}, {"mask_errors", test_mask_errors, 0},
    {"execute_errors", test_execute_errors, 0}, {"recon_errors", test_recon_errors, 0},
    {"recon_first", test_recon_first, 0},
    {"memory", test_memory, T_ONCE},
    {"cancel", test_cancel, 0},
    {NULL, NULL, 0},
};
