/* test_kspace.c - windows, shapes, sampling masks, phantoms and partial Fourier against their definitions in
   double, closed forms, quadrature, and BART's answers where these are at hand. */
#include "test.h"

static float *floats(const mv_volume *v) { return (float *)v->data; }
/* A volume of noise; gaps: rows longer than they need be, in memory to be freed with the block. */
static void noise(mv_volume *v, mv_dtype t, const size_t *dim) {
    const size_t parts = t == MEDVOL_C64 || t == MEDVOL_C128 ? 2 : 1;
    size_t i, n;
    memset(v, 0, sizeof *v);
    if (!CHECK_OK(mv_volume_alloc(T, v, t, 5, dim))) return;
    for (n = mv_volume_count(v) * parts, i = 0; i < n; i++) {
        const double x = t_uniform(-1, 1);
        if (t == MEDVOL_F64 || t == MEDVOL_C128) ((double *)v->data)[i] = x;
        else if (t == MEDVOL_I16) ((int16_t *)v->data)[i] = (int16_t)(x * 1000);
        else floats(v)[i] = (float)x;
    }
    v->affine[0] = 1.5, v->affine[4] = 0.2, v->affine[5] = 2, v->affine[10] = 3, v->affine[3] = -40;
}
static double part(const mv_volume *v, size_t i) {
    if (v->dtype == MEDVOL_F64 || v->dtype == MEDVOL_C128) return ((double *)v->data)[i];
    return v->dtype == MEDVOL_I16 ? ((int16_t *)v->data)[i] * 0.5 + 1 : (double)floats(v)[i];
}
static int same_bytes(const mv_volume *a, const mv_volume *b) {
    return a->dtype == b->dtype && mv_volume_count(a) == mv_volume_count(b) &&
        !memcmp(a->data, b->data, mv_volume_count(a) * mv_dtype_size(a->dtype));
}
static int stop(void *user, double d, double total, const char *label) {
    (void)user, (void)d, (void)total, (void)label;
    return 1;
}

/* ---- windows ---- */
static double window_of(int kind, double u, const mv_window_opt *o) {
    const double pi = 3.14159265358979323846;
    if (kind == MEDVOL_WINDOW_FERMI) return 1 / (1 + exp((u - o->radius) / o->width));
    if (kind == MEDVOL_WINDOW_GAUSS) return exp(-u * u / (2 * o->sigma * o->sigma));
    if (u > 1) return 0;
    if (kind == MEDVOL_WINDOW_HANN) return (1 + cos(pi * u)) / 2;
    if (kind == MEDVOL_WINDOW_HAMMING) return 0.54 + 0.46 * cos(pi * u);
    return u <= 1 - o->taper ? 1 : (1 + cos(pi * (u - 1 + o->taper) / o->taper)) / 2;
}
static void check_window(const mv_volume *got, const mv_volume *src, const mv_window_opt *o) {
    const size_t parts = got->dtype == MEDVOL_C64 ? 2 : 1, n = mv_volume_count(src);
    const unsigned axes = o->axes ? o->axes : 7;
    double worst = 0;
    size_t i, p;
    int k;
    for (i = 0; i < n; i++) {
        double w = 1, far2 = 0, want;
        size_t r = i;
        int out = 0;
        for (k = 0; k < 3; r /= src->dim[k], k++) {
            const double m = (double)src->dim[k], j = (double)(r % src->dim[k]) - floor(m / 2);
            const double u = fabs(j) / (m / 2 * (o->extent ? o->extent : 1));
            if (!(axes >> k & 1) || m == 1) continue;
            out |= u > 1;
            far2 += u * u;
            w *= window_of(o->kind, u, o);
        }
        if (o->radial) w = window_of(o->kind, sqrt(far2), o);
        if (out) w = 0;
        for (p = 0; p < parts; p++) {
            want = w * part(src, i * parts + p);
            worst = fmax(worst, fabs(floats(got)[i * parts + p] - want) / 500.0 * (src->dtype == MEDVOL_I16) +
                fabs(floats(got)[i * parts + p] - want) * (src->dtype != MEDVOL_I16));
        }
    }
    CHECK_NEAR(worst, 0, 4e-7);
}
static void test_window(void) {
    static const size_t dims[3][5] = {{17, 12, 5, 2, 3}, {64, 1, 1, 3, 1}, {1, 30, 33, 1, 1}};
    static const mv_dtype types[5] = {MEDVOL_C64, MEDVOL_F32, MEDVOL_C128, MEDVOL_F64, MEDVOL_I16};
    int kind, t, s, radial;
    t_seed(1);
    for (kind = 0; kind < 5; kind++)
        for (t = 0; t < 5; t++)
            for (s = 0; s < 3; s++)
                for (radial = 0; radial < 2; radial++) {
                    mv_volume src, dst = {0};
                    mv_window_opt o = {0};
                    if ((kind + t + s) % 3) continue;
                    noise(&src, types[t], dims[s]);
                    if (types[t] == MEDVOL_I16) src.slope = 0.5, src.inter = 1;
                    o.kind = kind, o.radial = radial;
                    o.axes = (unsigned)((kind * 3 + t) % 8);
                    o.extent = s == 0 ? 0 : 0.7;
                    o.taper = 0.4, o.radius = 0.6, o.width = 0.1, o.sigma = 0.3;
                    if (!CHECK_OK(mv_kspace_window(T, &dst, &src, &o))) return;
                    CHECK(dst.dtype == (t % 2 || t == 4 ? MEDVOL_F32 : MEDVOL_C64) && dst.ndim == 5);
                    CHECK(!memcmp(dst.affine, src.affine, sizeof dst.affine) && !(dst.slope != 1));
                    check_window(&dst, &src, &o);
                    CHECK_OK(mv_kspace_window(T, &src, &src, &o)); /* in place, or instead */
                    CHECK(same_bytes(&src, &dst));
                    mv_volume_free(T, &src);
                    mv_volume_free(T, &dst);
                }
}
static void test_window_defaults(void) {
    const size_t dim[5] = {16, 8, 4, 2, 1};
    mv_volume src, a = {0}, b = {0}, view;
    mv_window_opt o = {0};
    size_t start[5] = {3, 1, 0, 1, 0}, size[5] = {11, 5, 3, 1, 1};
    int kind;
    noise(&src, MEDVOL_C64, dim);
    for (kind = 0; kind < 5; kind++) {
        o.kind = kind;
        o.taper = o.radius = o.width = o.sigma = o.extent = 0;
        CHECK_OK(mv_kspace_window(T, &a, &src, &o));
        o.taper = 0.5, o.radius = 0.8, o.width = 0.05, o.sigma = 0.4, o.extent = 1;
        CHECK_OK(mv_kspace_window(T, &b, &src, &o));
        CHECK(same_bytes(&a, &b));
    }
    CHECK_OK(mv_kspace_window(T, &a, &src, NULL));
    o.kind = 0;
    CHECK_OK(mv_kspace_window(T, &b, &src, &o));
    CHECK(same_bytes(&a, &b));
    CHECK_OK(mv_volume_view(T, &view, &src, start, size)); /* rows with gaps */
    mv_volume_free(T, &a);
    CHECK_OK(mv_volume_copy(T, &a, &view));
    mv_volume_free(T, &b);
    CHECK_OK(mv_kspace_window(T, &b, &view, &o));
    check_window(&b, &a, &o);
    CHECK_OK(mv_kspace_window(T, &view, &view, &o)); /* within src */
    CHECK(floats(&view)[8] == floats(&b)[8] && floats(&view)[9] == floats(&b)[9]);
    mv_volume_free(T, &a);
    mv_volume_free(T, &b);
    mv_volume_free(T, &src);
}
static void test_window_errors(void) {
    const size_t dim[5] = {9, 8, 4, 1, 1}, other[5] = {9, 8, 5, 1, 1};
    mv_volume src, dst = {0}, rgb = {0}, wrong, empty = {0};
    mv_window_opt o = {0};
    double *const field[5] = {&o.extent, &o.taper, &o.radius, &o.width, &o.sigma};
    int k;
    noise(&src, MEDVOL_C64, dim);
    noise(&wrong, MEDVOL_C64, other);
    CHECK_OK(mv_volume_alloc(T, &rgb, MEDVOL_RGB24, 3, dim));
    CHECK_STATUS(mv_kspace_window(T, NULL, &src, NULL), MEDVOL_E_NULL);
    CHECK_STATUS(mv_kspace_window(T, &dst, NULL, NULL), MEDVOL_E_NULL);
    CHECK_STATUS(mv_kspace_window(T, &dst, &empty, NULL), MEDVOL_E_NULL);
    CHECK_STATUS(mv_kspace_window(T, &dst, &rgb, NULL), MEDVOL_E_DTYPE);
    CHECK_STATUS(mv_kspace_window(T, &rgb, &src, NULL), MEDVOL_E_DTYPE);
    CHECK_STATUS(mv_kspace_window(T, &wrong, &src, NULL), MEDVOL_E_SHAPE);
    o.kind = 5;
    CHECK_STATUS(mv_kspace_window(T, &dst, &src, &o), MEDVOL_E_RANGE);
    o.kind = -1;
    CHECK_STATUS(mv_kspace_window(T, &dst, &src, &o), MEDVOL_E_RANGE);
    o.kind = 0, o.axes = 8;
    CHECK_STATUS(mv_kspace_window(T, &dst, &src, &o), MEDVOL_E_RANGE);
    o.axes = 0;
    for (k = 0; k < 5; k++) {
        *field[k] = -0.1;
        CHECK_STATUS(mv_kspace_window(T, &dst, &src, &o), MEDVOL_E_RANGE);
        *field[k] = NAN;
        CHECK_STATUS(mv_kspace_window(T, &dst, &src, &o), MEDVOL_E_RANGE);
        *field[k] = k < 2 ? 1.1 : INFINITY;
        CHECK_STATUS(mv_kspace_window(T, &dst, &src, &o), MEDVOL_E_RANGE);
        *field[k] = 0;
    }
    T->desc.progress = stop;
    CHECK_STATUS(mv_kspace_window(T, &dst, &src, NULL), MEDVOL_E_CANCELLED);
    T->desc.progress = NULL;
    CHECK(!dst.data);
    wrong.data = src.data; /* the same memory in another shape */
    wrong.dim[2] = 4, wrong.stride[1]++;
    wrong.dim[1] = 1;
    wrong.dim[2] = 1;
    src.dim[1] = src.dim[2] = 1;
    wrong.data = floats(&src) + 2;
    CHECK_STATUS(mv_kspace_window(T, &wrong, &src, NULL), MEDVOL_E_ALIAS);
    mv_volume_free(T, &wrong);
    mv_volume_free(T, &src);
    mv_volume_free(T, &rgb);
}
static void test_resize(void) {
    static const size_t shapes[4][3] = {{20, 9, 0}, {5, 17, 4}, {0, 0, 0}, {12, 11, 9}};
    const size_t dim[5] = {12, 11, 3, 2, 3};
    mv_volume src, dst = {0}, back = {0};
    size_t i, p, r;
    int s, k, t;
    for (s = 0; s < 4; s++)
        for (t = 0; t < 2; t++) {
            const size_t parts = t ? 1 : 2;
            int wrong = 0;
            noise(&src, t ? MEDVOL_F64 : MEDVOL_C64, dim);
            if (!CHECK_OK(mv_kspace_resize(T, &dst, &src, shapes[s]))) return;
            for (i = 0; i < mv_volume_count(&dst); i++) {
                size_t at = 0, step = 1;
                int out = 0;
                for (r = i, k = 0; k < 5; k++) {
                    const size_t m = dst.dim[k], n = src.dim[k], j = r % m + n / 2;
                    CHECK(m == (k < 3 && shapes[s][k] ? shapes[s][k] : n));
                    r /= m;
                    out |= j < m / 2 || j - m / 2 >= n;
                    if (!out) at += (j - m / 2) * step;
                    step *= n;
                }
                for (p = 0; p < parts; p++)
                    wrong |= floats(&dst)[i * parts + p] != (out ? 0 : (float)part(&src, at * parts + p));
            }
            CHECK(!wrong);
            for (k = 0; k < 3; k++) { /* the central voxel keeps its place, the field of view its size */
                double a = src.affine[4 * k + 3], b = dst.affine[4 * k + 3];
                int c;
                for (c = 0; c < 3; c++) {
                    a += src.affine[4 * k + c] * (double)(src.dim[c] / 2);
                    b += dst.affine[4 * k + c] * (double)(dst.dim[c] / 2);
                    CHECK_NEAR(src.affine[4 * k + c] * (double)src.dim[c],
                        dst.affine[4 * k + c] * (double)dst.dim[c], 1e-9);
                }
                CHECK_NEAR(a, b, 1e-9);
            }
            if (s == 3 || s == 2) { /* crop of fill: what there was */
                CHECK_OK(mv_kspace_resize(T, &back, &dst, dim));
                CHECK(mv_volume_count(&back) == mv_volume_count(&src));
                for (i = 0; i < mv_volume_count(&src) * parts; i++) wrong |= floats(&back)[i] != (float)part(&src, i);
                CHECK(!wrong);
                mv_volume_free(T, &back);
            }
            CHECK_OK(mv_kspace_resize(T, &src, &src, shapes[s]));
            CHECK(same_bytes(&src, &dst));
            mv_volume_free(T, &src);
            mv_volume_free(T, &dst);
        }
    noise(&src, MEDVOL_C64, dim);
    CHECK_STATUS(mv_kspace_resize(T, &dst, &src, NULL), MEDVOL_E_NULL);
    CHECK_STATUS(mv_kspace_resize(T, &dst, NULL, dim), MEDVOL_E_NULL);
    {
        const size_t huge[3] = {(size_t)-1 / 4, 2, 2};
        CHECK_STATUS(mv_kspace_resize(T, &dst, &src, huge), MEDVOL_E_SIZE);
        CHECK_STATUS(mv_kspace_resize(T, &src, &src, huge), MEDVOL_E_SIZE);
    }
    T->desc.progress = stop;
    CHECK_STATUS(mv_kspace_resize(T, &dst, &src, shapes[0]), MEDVOL_E_CANCELLED);
    T->desc.progress = NULL;
    CHECK(!dst.data);
    mv_volume_free(T, &src);
}
/* ---- masks ---- */
static double at3(const mv_volume *v, size_t x, size_t y, size_t z, size_t f) {
    return (double)floats(v)[x + v->dim[0] * (y + v->dim[1] * (z + v->dim[2] * f))];
}
static size_t sampled(const mv_volume *v) { /* lines; every x says the same */
    size_t i, n = 0, x;
    for (i = 0; i < mv_volume_count(v) / v->dim[0]; i++) {
        n += floats(v)[i * v->dim[0]] != 0;
        for (x = 1; x < v->dim[0]; x++) CHECK(floats(v)[i * v->dim[0] + x] == floats(v)[i * v->dim[0]]);
    }
    return n;
}
static long modulo(long a, long b) { return (a % b + b) % b; }
static void test_uniform(void) {
    static const size_t shapes[4][3] = {{3, 20, 15}, {1, 33, 1}, {2, 1, 8}, {1, 16, 16}};
    static const mv_mask_uniform_opt opts[6] = {{{0, 0}, {0, 0}, 0, {0, 0}}, {{2, 1}, {0, 0}, 0, {1, 0}},
        {{1, 3}, {0, 4}, 0, {0, 2}}, {{2, 4}, {5, 6}, 1, {0, 0}}, {{3, 5}, {20, 0}, 2, {2, 4}},
        {{1, 4}, {0, 0}, 3, {0, 1}}};
    int s, k, wrong = 0, tried = 0;
    for (s = 0; s < 4; s++)
        for (k = 0; k < 6; k++) {
            const mv_mask_uniform_opt *o = &opts[k];
            const long ny = (long)shapes[s][1], nz = (long)shapes[s][2];
            const long ry = o->accel[0] ? (long)o->accel[0] : 1, rz = o->accel[1] ? (long)o->accel[1] : 1;
            const long ay = o->acs[0] ? (long)o->acs[0] : o->acs[1] ? ny : 0;
            const long az = o->acs[1] ? (long)o->acs[1] : o->acs[0] ? nz : 0;
            mv_volume m = {0};
            long y, z;
            if (ry > ny || rz > nz || ay > ny || az > nz) {
                CHECK_STATUS(mv_mask_uniform(T, &m, shapes[s], o), MEDVOL_E_RANGE);
                continue;
            }
            tried++;
            if (!CHECK_OK(mv_mask_uniform(T, &m, shapes[s], o))) return;
            CHECK(m.dtype == MEDVOL_F32 && m.ndim == 3 && m.dim[0] == shapes[s][0]);
            sampled(&m);
            for (z = 0; z < nz; z++)
                for (y = 0; y < ny; y++) {
                    const long j = y - ny / 2 - (long)o->offset[0], i = z - nz / 2 - (long)o->offset[1];
                    const long turn = (j - modulo(j, ry)) / ry;
                    int on = !modulo(j, ry) && !modulo(i - (long)o->shift * turn, rz);
                    on |= y >= ny / 2 - ay / 2 && y < ny / 2 - ay / 2 + ay && z >= nz / 2 - az / 2 &&
                        z < nz / 2 - az / 2 + az;
                    wrong |= at3(&m, 0, (size_t)y, (size_t)z, 0) != on;
                }
            CHECK(!wrong);
            CHECK_OK(mv_mask_uniform(T, &m, shapes[s], o)); /* again, into its memory */
            mv_volume_free(T, &m);
        }
    CHECK(tried > 10);
}
static uint32_t crc_of(const mv_volume *v) {
    uint32_t crc = 0;
    size_t i;
    for (i = 0; i < mv_volume_count(v); i++) {
        const unsigned char b = floats(v)[i] != 0;
        crc = t_crc32(crc, &b, 1);
    }
    return crc;
}
static void test_poisson(void) {
    static const struct {
        size_t shape[3];
        mv_mask_poisson_opt o;
        uint32_t crc;
    } rows[] = {{{1, 96, 80}, {0, 0, {0, 0}, 0, 1}, 0x198f9d2cu}, {{1, 64, 64}, {8, 1, {0, 0}, 0, 2}, 0xf6ccc10eu},
        {{3, 70, 61}, {6, 2, {12, 10}, 1, 3}, 0xe0c191d2u}, {{1, 300, 1}, {3, 4, {20, 0}, 0, 4}, 0xf2e50558u},
        {{1, 1, 200}, {2.5, 1.5, {0, 8}, 1, (uint64_t)-1}, 0xea474770u}, {{1, 48, 40}, {1.3, 1, {0, 0}, 0, 5}, 0xb90cc186u}};
    size_t k, y, z, i;
    for (k = 0; k < sizeof rows / sizeof *rows; k++) {
        const mv_mask_poisson_opt *o = &rows[k].o;
        const size_t ny = rows[k].shape[1], nz = rows[k].shape[2];
        const double accel = o->accel ? o->accel : 4;
        double inner = 0, outer = 0, n;
        mv_volume m = {0};
        if (!CHECK_OK(mv_mask_poisson(T, &m, rows[k].shape, o))) return;
        n = (double)sampled(&m);
        CHECK_NEAR((double)(ny * nz) / n / accel, 1, 0.0205);
        if (!CHECK(crc_of(&m) == rows[k].crc)) fprintf(stderr, "  row %d: 0x%08x\n", (int)k, (unsigned)crc_of(&m));
        for (z = 0; z < nz; z++)
            for (y = 0; y < ny; y++) {
                const double u = ((double)y - floor((double)ny / 2)) / ((double)ny / 2);
                const double v = ((double)z - floor((double)nz / 2)) / ((double)nz / 2), v0 = at3(&m, 0, y, z, 0);
                const size_t ay = o->acs[0] ? o->acs[0] : o->acs[1] ? ny : 0;
                const size_t az = o->acs[1] ? o->acs[1] : o->acs[0] ? nz : 0;
                if (y + ay / 2 >= ny / 2 && y + ay / 2 - ny / 2 < ay && z + az / 2 >= nz / 2 && z + az / 2 - nz / 2 < az)
                    CHECK(v0 == 1);
                else if (o->ellipse && u * u + v * v > 1.2) CHECK(v0 == 0);
                if (fabs(u) < 0.3 && fabs(v) < 0.3) inner += v0 / 0.09;
                else if (fabs(u) < 0.9 && fabs(v) < 0.9) outer += v0 / 0.72;
            }
        if (k == 0 || k == 3) CHECK(inner > 1.5 * outer);
        if (k == 1) { /* everywhere as dense, and nobody near */
            CHECK(fabs(inner - outer) < 0.2 * outer);
            for (i = 0; i + 1 < ny * nz; i++)
                if (floats(&m)[i] != 0 && i % ny + 1 < ny) CHECK(floats(&m)[i + 1] == 0);
        }
        mv_volume_free(T, &m);
    }
    {
        const size_t few[3] = {2, 1, 1}, small[3] = {1, 5, 4};
        mv_volume m = {0};
        CHECK_OK(mv_mask_poisson(T, &m, few, NULL));
        CHECK(sampled(&m) == 1);
        mv_volume_free(T, &m);
        CHECK_OK(mv_mask_poisson(T, &m, small, NULL));
        CHECK(sampled(&m) >= 3 && sampled(&m) <= 7);
        mv_volume_free(T, &m);
    }
}
static void test_golden_mask(void) {
    const size_t flat[3] = {2, 64, 1}, deep[3] = {1, 40, 24};
    mv_mask_golden_opt o = {0};
    mv_volume m = {0};
    size_t f, y, z, j;
    double inner = 0, outer = 0;
    CHECK_OK(mv_mask_golden(T, &m, flat, NULL));
    CHECK(m.ndim == 3 && sampled(&m) == 16 && at3(&m, 0, 32, 0, 0) == 1);
    mv_volume_free(T, &m);
    o.shots = 5, o.frames = 6, o.order = 1;
    if (!CHECK_OK(mv_mask_golden(T, &m, flat, &o))) return;
    CHECK(m.ndim == 4 && m.dim[3] == 6 && sampled(&m) == 30);
    for (f = 0; f < 6; f++)
        for (j = 0; j < 5; j++) { /* no two of 5 golden places meet */
            const double turn = 0.5 + (double)(f * 5 + j) * 0.61803398874989484820;
            y = (size_t)((turn - floor(turn)) * 64);
            CHECK(at3(&m, 1, y, 0, f) == (double)(j + 1));
        }
    mv_volume_free(T, &m);
    o.shots = 40 * 24, o.frames = 2;
    CHECK_OK(mv_mask_golden(T, &m, deep, &o)); /* all of them: each number once */
    CHECK(sampled(&m) == 2 * 40 * 24);
    for (inner = 0, j = 0; j < 40 * 24; j++) inner += (double)floats(&m)[j];
    CHECK(inner == 960.0 * 961 / 2);
    mv_volume_free(T, &m);
    o.shots = 240, o.frames = 1, o.density = 0.7, o.order = 0;
    CHECK_OK(mv_mask_golden(T, &m, deep, &o));
    CHECK(sampled(&m) == 240);
    for (inner = 0, z = 0; z < 24; z++)
        for (y = 0; y < 40; y++)
            *(y >= 13 && y < 27 && z >= 8 && z < 16 ? &inner : &outer) += at3(&m, 0, y, z, 0);
    CHECK(inner / (14 * 8) > 2 * outer / (40 * 24 - 14 * 8));
    mv_volume_free(T, &m);
}
static void test_mask_errors(void) {
    const size_t shape[3] = {2, 16, 12}, none[3] = {2, 0, 4}, huge[3] = {1, (size_t)1 << 20, (size_t)1 << 12};
    mv_mask_uniform_opt u = {{2, 3}, {0, 0}, 0, {0, 0}};
    mv_mask_poisson_opt p = {0};
    mv_mask_golden_opt g = {0};
    mv_volume m = {0}, other;
    const size_t dim[5] = {2, 16, 11, 1, 1};
    noise(&other, MEDVOL_F32, dim);
    CHECK_STATUS(mv_mask_uniform(T, NULL, shape, NULL), MEDVOL_E_NULL);
    CHECK_STATUS(mv_mask_poisson(T, NULL, shape, NULL), MEDVOL_E_NULL);
    CHECK_STATUS(mv_mask_golden(T, NULL, shape, NULL), MEDVOL_E_NULL);
    CHECK_STATUS(mv_mask_uniform(T, &m, NULL, NULL), MEDVOL_E_NULL);
    CHECK_STATUS(mv_mask_uniform(T, &m, none, NULL), MEDVOL_E_SIZE);
    CHECK_STATUS(mv_mask_poisson(T, &m, none, NULL), MEDVOL_E_SIZE);
    CHECK_STATUS(mv_mask_poisson(T, &m, huge, NULL), MEDVOL_E_SIZE);
    CHECK_STATUS(mv_mask_uniform(T, &other, shape, NULL), MEDVOL_E_SHAPE);
    other.dim[2] = 6, other.dtype = MEDVOL_I16;
    CHECK_STATUS(mv_mask_golden(T, &other, shape, NULL), MEDVOL_E_DTYPE);
    u.shift = 3;
    CHECK_STATUS(mv_mask_uniform(T, &m, shape, &u), MEDVOL_E_RANGE);
    u.shift = 0, u.offset[0] = 2;
    CHECK_STATUS(mv_mask_uniform(T, &m, shape, &u), MEDVOL_E_RANGE);
    u.offset[0] = 0, u.accel[1] = 13;
    CHECK_STATUS(mv_mask_uniform(T, &m, shape, &u), MEDVOL_E_RANGE);
    u.accel[1] = 1, u.acs[1] = 13;
    CHECK_STATUS(mv_mask_uniform(T, &m, shape, &u), MEDVOL_E_RANGE);
    p.accel = 0.9;
    CHECK_STATUS(mv_mask_poisson(T, &m, shape, &p), MEDVOL_E_RANGE);
    p.accel = NAN;
    CHECK_STATUS(mv_mask_poisson(T, &m, shape, &p), MEDVOL_E_RANGE);
    p.accel = 1, p.ellipse = 1;
    CHECK_STATUS(mv_mask_poisson(T, &m, shape, &p), MEDVOL_E_RANGE);
    p.accel = 8, p.acs[0] = 10;
    CHECK_STATUS(mv_mask_poisson(T, &m, shape, &p), MEDVOL_E_RANGE);
    p.acs[0] = 17;
    CHECK_STATUS(mv_mask_poisson(T, &m, shape, &p), MEDVOL_E_RANGE);
    p.acs[0] = 0, p.edge = 0.5;
    CHECK_STATUS(mv_mask_poisson(T, &m, shape, &p), MEDVOL_E_RANGE);
    p.edge = NAN;
    CHECK_STATUS(mv_mask_poisson(T, &m, shape, &p), MEDVOL_E_RANGE);
    g.shots = 193;
    CHECK_STATUS(mv_mask_golden(T, &m, shape, &g), MEDVOL_E_RANGE);
    g.shots = 0, g.density = 0.96;
    CHECK_STATUS(mv_mask_golden(T, &m, shape, &g), MEDVOL_E_RANGE);
    g.density = NAN;
    CHECK_STATUS(mv_mask_golden(T, &m, shape, &g), MEDVOL_E_RANGE);
    g.density = 0, g.frames = (size_t)-1;
    CHECK_STATUS(mv_mask_golden(T, &m, shape, &g), MEDVOL_E_SIZE);
    T->desc.progress = stop;
    CHECK_STATUS(mv_mask_uniform(T, &m, shape, NULL), MEDVOL_E_CANCELLED);
    CHECK_STATUS(mv_mask_poisson(T, &m, shape, NULL), MEDVOL_E_CANCELLED);
    CHECK_STATUS(mv_mask_golden(T, &m, shape, NULL), MEDVOL_E_CANCELLED);
    T->desc.progress = NULL;
    CHECK(!m.data);
    mv_volume_free(T, &other);
}
/* CASES */
const t_case tests_kspace[] = {
    {"window", test_window, 0},
    {"window_defaults", test_window_defaults, 0},
    {"window_errors", test_window_errors, 0},
    {"resize", test_resize, 0},
    {"uniform", test_uniform, 0},
    {"poisson", test_poisson, 0},
    {"golden_mask", test_golden_mask, 0},
    {"mask_errors", test_mask_errors, 0},
    {NULL, NULL, 0},
};
