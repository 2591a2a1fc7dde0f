/* test_kspace.c - windows, shapes, sampling masks, phantoms, partial Fourier and echo-planar readouts against
   their definitions in double, closed forms, quadrature, and BART's answers where these are at hand. */
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
    return a->data && b->data && a->dtype == b->dtype && mv_volume_count(a) == mv_volume_count(b) &&
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
                for (i = 0; i < mv_volume_count(&src) * parts; i++)
                    wrong |= floats(&back)[i] != (float)part(&src, i);
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
            const long ay = o->calib[0] ? (long)o->calib[0] : o->calib[1] ? ny : 0;
            const long az = o->calib[1] ? (long)o->calib[1] : o->calib[0] ? nz : 0;
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
    } rows[] = {{{1, 96, 80}, {0, 0, {0, 0}, 0, 1}, 0x685e972cu},
        {{1, 64, 64}, {8, 1, {0, 0}, 0, 2}, 0x1f8b8d11u},
        {{3, 70, 61}, {6, 2, {12, 10}, 1, 3}, 0x36e1e093u}, {{1, 300, 1}, {3, 4, {20, 0}, 0, 4}, 0xe49f12ddu},
        {{1, 1, 200}, {2.5, 1.5, {0, 8}, 1, (uint64_t)-1}, 0x9b32c515u},
        {{1, 48, 40}, {1.3, 1, {0, 0}, 0, 5}, 0x373b251fu},
        {{1, 80, 80}, {5, 40, {0, 0}, 0, 6}, 0x3a192706u}}; /* below half a voxel in the middle */
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
        if (!CHECK(crc_of(&m) == rows[k].crc))
            fprintf(stderr, "  row %d: 0x%08x\n", (int)k, (unsigned)crc_of(&m));
        for (z = 0; z < nz; z++)
            for (y = 0; y < ny; y++) {
                const double u = ((double)y - floor((double)ny / 2)) / ((double)ny / 2);
                const double v = ((double)z - floor((double)nz / 2)) / ((double)nz / 2);
                const double v0 = at3(&m, 0, y, z, 0);
                const size_t ay = o->calib[0] ? o->calib[0] : o->calib[1] ? ny : 0;
                const size_t az = o->calib[1] ? o->calib[1] : o->calib[0] ? nz : 0;
                if (y + ay / 2 >= ny / 2 && y + ay / 2 - ny / 2 < ay && z + az / 2 >= nz / 2 &&
                    z + az / 2 - nz / 2 < az)
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
    u.accel[1] = 1, u.calib[1] = 13;
    CHECK_STATUS(mv_mask_uniform(T, &m, shape, &u), MEDVOL_E_RANGE);
    p.accel = 0.9;
    CHECK_STATUS(mv_mask_poisson(T, &m, shape, &p), MEDVOL_E_RANGE);
    p.accel = NAN;
    CHECK_STATUS(mv_mask_poisson(T, &m, shape, &p), MEDVOL_E_RANGE);
    p.accel = 1, p.ellipse = 1;
    CHECK_STATUS(mv_mask_poisson(T, &m, shape, &p), MEDVOL_E_RANGE);
    p.accel = 8, p.calib[0] = 10;
    CHECK_STATUS(mv_mask_poisson(T, &m, shape, &p), MEDVOL_E_RANGE);
    p.calib[0] = 17;
    CHECK_STATUS(mv_mask_poisson(T, &m, shape, &p), MEDVOL_E_RANGE);
    p.calib[0] = 0, p.edge = 0.5;
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
    CHECK_STATUS(mv_mask_poisson(T, &other, shape, NULL), MEDVOL_E_DTYPE); /* dst comes before the work */
    CHECK_STATUS(mv_mask_golden(T, &other, shape, NULL), MEDVOL_E_DTYPE);
    T->desc.progress = NULL;
    CHECK(!m.data);
    mv_volume_free(T, &other);
}
/* ---- phantoms ---- */
static const double PI = 3.14159265358979323846;
typedef struct pair {
    double re, im;
} pair;
static pair at(const mv_volume *v, size_t i) {
    pair p;
    p.re = (double)floats(v)[2 * i], p.im = (double)floats(v)[2 * i + 1];
    return p;
}
static pair times(pair a, pair b) {
    pair c;
    c.re = a.re * b.re - a.im * b.im, c.im = a.re * b.im + a.im * b.re;
    return c;
}
static pair cis(double a, double scale) {
    pair c;
    c.re = scale * cos(a), c.im = scale * sin(a);
    return c;
}
static pair sens_of(size_t c, size_t coils, const double *r, int axes) {
    const double turn = 2 * PI * (double)c / (double)coils;
    const double p[3] = {cos(turn), sin(turn), c % 2 ? 0.5 : -0.5};
    pair s = {1, 0};
    int k;
    if (coils < 2) return s;
    s = cis(turn, 1);
    for (k = 0; k < axes; k++) {
        const double a = PI / 2 * (r[k] - p[k]);
        pair f;
        f.re = 0.5 + 0.5 * cos(a), f.im = 0.25 * sin(a);
        s = times(s, f);
    }
    return s;
}
static double simpson(int i, int n) { return (i == 0 || i == n ? 1.0 : i % 2 ? 4.0 : 2.0) / 3 / n; }
/* the integral of one body times a sensitivity and exp(-i pi k.r), summed over its inside */
static pair quadrature(const mv_ellipse *e, const double *k, size_t c, size_t coils, int axes) {
    enum { R = 80, A = 96, M = 80 };
    const double d = PI / 180, c0 = cos(e->angle[0] * d), s0 = sin(e->angle[0] * d);
    const double c1 = axes > 2 ? cos(e->angle[1] * d) : 1, s1 = axes > 2 ? sin(e->angle[1] * d) : 0;
    const double c2 = axes > 2 ? cos(e->angle[2] * d) : 1, s2 = axes > 2 ? sin(e->angle[2] * d) : 0;
    pair sum = {0, 0};
    int i, j, m;
    for (m = 0; m <= (axes > 2 ? M : 0); m++)
        for (i = 0; i <= R; i++)
            for (j = 0; j < A; j++) {
                const double r = (double)i / R, a = 2 * PI * j / A, mu = axes > 2 ? 2.0 * m / M - 1 : 0;
                const double q = r * sqrt(1 - mu * mu);
                const double x = q * cos(a) * e->axes[0], y = q * sin(a) * e->axes[1];
                const double z = axes > 2 ? r * mu * e->axes[2] : 0;
                const double x1 = c2 * x - s2 * y, y1 = s2 * x + c2 * y; /* about z, x, z */
                const double y2 = c1 * y1 - s1 * z, z2 = s1 * y1 + c1 * z;
                double p[3], w = simpson(i, R) * 2 * PI / A * r * e->axes[0] * e->axes[1] * e->value;
                pair f;
                p[0] = e->centre[0] + c0 * x1 - s0 * y2;
                p[1] = e->centre[1] + s0 * x1 + c0 * y2;
                p[2] = e->centre[2] + z2;
                if (axes > 2) w *= 2 * simpson(m, M) * r * e->axes[2];
                f = times(sens_of(c, coils, p, axes),
                    cis(-PI * (k[0] * p[0] + k[1] * p[1] + (axes > 2 ? k[2] * p[2] : 0)), w));
                sum.re += f.re, sum.im += f.im;
            }
    return sum;
}
static const mv_ellipse bodies[2] = {{{0.1, -0.2, 0.05}, {0.5, 0.3, 0.4}, {25, 40, -60}, 1.5},
    {{-0.3, 0.25, -0.1}, {0.1, 0.35, 0.2}, {-70, 15, 110}, -0.7}};
static void test_phantom_quadrature(void) {
    static const size_t shapes[3][3] = {{16, 13, 1}, {9, 12, 1}, {8, 7, 6}};
    static const size_t coils[3] = {0, 3, 2};
    int s;
    for (s = 0; s < 3; s++) {
        const int axes = s == 2 ? 3 : 2;
        const size_t *n = shapes[s], C = coils[s] ? coils[s] : 1, all = n[0] * n[1] * n[2] * C;
        mv_phantom_opt o = {0};
        mv_volume f = {0};
        size_t i;
        o.shapes = bodies, o.count = 2, o.coils = coils[s];
        if (!CHECK_OK(mv_phantom_kspace(T, &f, n, &o))) return;
        CHECK(f.ndim == (C > 1 ? 4 : 3) && mv_volume_count(&f) == all);
        for (i = 0; i < all; i += axes > 2 ? 97 : 7) {
            double k[3];
            pair a, b, g = at(&f, i);
            const double scale = sqrt((double)(n[0] * n[1] * n[2])) / (axes > 2 ? 8 : 4);
            k[0] = (double)(i % n[0]) - (double)(n[0] / 2);
            k[1] = (double)(i / n[0] % n[1]) - (double)(n[1] / 2);
            k[2] = (double)(i / n[0] / n[1] % n[2]) - (double)(n[2] / 2);
            a = quadrature(&bodies[0], k, i / (n[0] * n[1] * n[2]), C, axes);
            b = quadrature(&bodies[1], k, i / (n[0] * n[1] * n[2]), C, axes);
            CHECK_NEAR(g.re, scale * (a.re + b.re), 1e-5);
            CHECK_NEAR(g.im, scale * (a.im + b.im), 1e-5);
        }
        mv_volume_free(T, &f);
    }
}
/* J1 in k-space of a disc at k = (x, 0): 2 pi r^2 J1(u) / u, u = pi r x; table: Abramowitz and Stegun, 9.1 */
static void test_phantom_bessel(void) {
    static const double u[8] = {0, 0.5, 2, 5, 7.9, 8.1, 15, 17.5};
    static const double j1[8] = {0, 0.2422684577, 0.5767248078, -0.3275791376, 0.2191793999, 0.2476077670,
        0.2051040386, -0.1634199694};
    const size_t shape[3] = {2, 1, 1};
    int k;
    for (k = 0; k < 8; k++) {
        mv_ellipse disc = {{0, 0, 0}, {0, 0, 0}, {0, 0, 0}, 1};
        mv_phantom_opt o = {0};
        mv_volume f = {0};
        double r = u[k] / PI, want;
        if (k == 0) r = 0.5;
        disc.axes[0] = disc.axes[1] = r;
        o.shapes = &disc, o.count = 1;
        if (!CHECK_OK(mv_phantom_kspace(T, &f, shape, &o))) return; /* k = -1 and 0 */
        want = k ? 2 * PI * r * r * j1[k] / u[k] : 0.25 * PI;
        CHECK_NEAR((double)floats(&f)[k ? 0 : 2] / sqrt(2.0) * 4, want, 3e-7 * (1 + r * r));
        CHECK_NEAR((double)floats(&f)[2] / sqrt(2.0) * 4, PI * r * r, 3e-7 * (1 + r * r));
        mv_volume_free(T, &f);
    }
}
static void test_phantom_image(void) {
    static const size_t shapes[2][3] = {{33, 24, 1}, {14, 17, 9}};
    int s, k;
    for (s = 0; s < 2; s++) {
        const size_t *n = shapes[s], voxels = n[0] * n[1] * n[2];
        mv_volume v = {0}, m = {0}, plain = {0};
        mv_phantom_opt o = {0};
        size_t i, c;
        int wrong = 0, inside = 0;
        o.shapes = bodies, o.count = 2;
        if (!CHECK_OK(mv_phantom_image(T, &plain, n, &o))) return;
        o.coils = 5;
        CHECK_OK(mv_phantom_image(T, &v, n, &o));
        CHECK_OK(mv_phantom_sens(T, &m, n, &o));
        CHECK(v.ndim == 4 && v.dim[3] == 5 && m.dim[3] == 5 && plain.ndim == 3);
        for (i = 0; i < voxels; i++) {
            double r[3], sum = 0, near_edge = 1;
            const double h[3] = {(double)n[0] / 2, (double)n[1] / 2, (double)n[2] / 2};
            r[0] = ((double)(i % n[0]) - floor(h[0])) / h[0];
            r[1] = ((double)(i / n[0] % n[1]) - floor(h[1])) / h[1];
            r[2] = ((double)(i / n[0] / n[1]) - floor(h[2])) / h[2];
            for (k = 0; k < 2; k++) { /* turned back about z, x, z */
                const double d = PI / 180 * -1, *a = bodies[k].angle;
                double x = r[0] - bodies[k].centre[0], y = r[1] - bodies[k].centre[1];
                double z = s ? r[2] - bodies[k].centre[2] : 0, t;
                t = x * cos(a[0] * d) - y * sin(a[0] * d), y = x * sin(a[0] * d) + y * cos(a[0] * d), x = t;
                if (s) {
                    t = y * cos(a[1] * d) - z * sin(a[1] * d), z = y * sin(a[1] * d) + z * cos(a[1] * d);
                    y = t;
                    t = x * cos(a[2] * d) - y * sin(a[2] * d), y = x * sin(a[2] * d) + y * cos(a[2] * d);
                    x = t;
                }
                t = pow(x / bodies[k].axes[0], 2) + pow(y / bodies[k].axes[1], 2);
                t += pow(z / bodies[k].axes[2], 2);
                near_edge = fmin(near_edge, fabs(t - 1));
                if (t <= 1) sum += bodies[k].value, inside++;
            }
            if (near_edge > 1e-9)
                wrong |= floats(&plain)[2 * i] != (float)sum || floats(&plain)[2 * i + 1] != 0;
            for (c = 0; c < 5; c++) {
                const pair w = sens_of(c, 5, r, s ? 3 : 2);
                const pair q = at(&m, c * voxels + i), p = at(&v, c * voxels + i);
                wrong |= fabs(w.re - q.re) + fabs(w.im - q.im) > 2e-7;
                wrong |= fabs(q.re * (double)floats(&plain)[2 * i] - p.re) > 1e-6;
            }
        }
        CHECK(!wrong && inside > 20);
        mv_volume_free(T, &v);
        mv_volume_free(T, &m);
        mv_volume_free(T, &plain);
    }
}
/* the head: its values, and k-space against the transform of a fine image, cropped */
static void test_phantom_head(void) {
    const size_t flat[3] = {96, 96, 1}, solid[3] = {40, 40, 40};
    const size_t side = T_SMALL ? 256 : 512, coarse[3] = {8, 8, 1}, fine[3] = {side, side, 1};
    mv_phantom_opt o = {0};
    mv_volume v = {0}, f = {0};
    mv_fft_opt transform = {0};
    double wrong = 0, all = 0;
    size_t i;
    CHECK_OK(mv_phantom_image(T, &v, flat, NULL));
    CHECK_NEAR(floats(&v)[2 * (48 + 96 * 26)], 0.2, 1e-6); /* brain */
    CHECK_NEAR(floats(&v)[2 * (48 + 96 * 5)], 1, 1e-6);    /* skull */
    mv_volume_free(T, &v);
    o.kind = MEDVOL_PHANTOM_ORIGINAL;
    CHECK_OK(mv_phantom_image(T, &v, flat, &o));
    CHECK_NEAR(floats(&v)[2 * (48 + 96 * 26)], 1.02, 1e-6);
    mv_volume_free(T, &v);
    CHECK_OK(mv_phantom_image(T, &v, solid, &o));
    CHECK_NEAR(floats(&v)[2 * (20 + 40 * (20 + 40 * 20))], 1.02, 1e-6);
    mv_volume_free(T, &v);
    CHECK_OK(mv_phantom_image(T, &v, fine, &o));
    transform.flags = MEDVOL_FFT_CENTERED | MEDVOL_FFT_UNITARY;
    CHECK_OK(mv_fft(T, &v, &v, &transform));
    CHECK_OK(mv_phantom_kspace(T, &f, coarse, &o));
    for (i = 0; i < 64; i++) {
        const pair p = at(&f, i), q = at(&v, i % 8 + side / 2 - 4 + side * (i / 8 + side / 2 - 4));
        const double scale = 8 / (double)side;
        wrong += pow(p.re - q.re * scale, 2) + pow(p.im - q.im * scale, 2);
        all += p.re * p.re + p.im * p.im;
    }
    CHECK(sqrt(wrong / all) < 1.5 / (double)side);
    mv_volume_free(T, &v);
    mv_volume_free(T, &f);
}
/* BART's answers (v0.8.00), when they are there: 0 */
static int bart(mv_volume *v, const char *name) {
    char path[200];
    FILE *f;
    snprintf(path, sizeof path, "../shared/data/recon/bart_ref/%s.hdr", name);
    memset(v, 0, sizeof *v);
#ifdef MEDVOL_NO_STDIO
    return 1;
#else
    if ((f = fopen(t_source(path), "rb")) == NULL) return 1;
    fclose(f);
    return mv_load(T, v, t_source(path), NULL) < 0;
#endif
}
/* ||a - s b|| / ||a|| with the best complex s; magnitudes: of |a|, |b| */
static double apart(const mv_volume *a, const mv_volume *b, int magnitudes) {
    double ab = 0, abi = 0, bb = 0, aa = 0;
    size_t i, n = mv_volume_count(a);
    if (n != mv_volume_count(b)) return 9;
    for (i = 0; i < n; i++) {
        pair p = at(a, i), q = at(b, i);
        if (magnitudes) p.re = hypot(p.re, p.im), q.re = hypot(q.re, q.im), p.im = q.im = 0;
        ab += p.re * q.re + p.im * q.im;
        abi += p.im * q.re - p.re * q.im;
        aa += p.re * p.re + p.im * p.im;
        bb += q.re * q.re + q.im * q.im;
    }
    return sqrt(fmax(0, 1 - (ab * ab + abi * abi) / (aa * bb)));
}
/* the bodies of its phantoms in its axes: our x is its -y, our y its x, our z its -z */
static const double bart_flat[10][6] = {{0, 0, 0.69, 0.92, 0, 1}, {0, -0.0184, 0.6624, 0.874, 0, -0.8},
    {0.22, 0, 0.11, 0.31, -18, -0.2}, {-0.22, 0, 0.16, 0.41, 18, -0.2}, {0, 0.35, 0.21, 0.25, 0, 0.1},
    {0, 0.1, 0.046, 0.046, 0, 0.1}, {0, -0.1, 0.046, 0.046, 0, 0.1}, {-0.08, -0.605, 0.046, 0.023, 0, 0.1},
    {0, -0.606, 0.023, 0.023, 0, 0.1}, {0.06, -0.605, 0.023, 0.046, 0, 0.1}};
static const double bart_solid[10][8] = {{0, 0, 0, 0.69, 0.92, 0.9, 0, 2},
    {0, 0, 0, 0.6624, 0.874, 0.88, 0, -0.8}, {-0.22, 0, -0.25, 0.41, 0.16, 0.21, 108, -0.2},
    {0.22, 0, -0.25, 0.31, 0.11, 0.22, 72, -0.2}, {0, 0.35, -0.25, 0.21, 0.25, 0.5, 0, 0.2},
    {0, 0.1, -0.25, 0.046, 0.046, 0.046, 0, 0.2}, {-0.08, -0.65, -0.25, 0.046, 0.023, 0.02, 0, 0.1},
    {0.06, -0.65, -0.25, 0.046, 0.023, 0.02, 90, 0.1}, {0.06, -0.105, 0.625, 0.056, 0.04, 0.1, 90, 0.2},
    {0, 0.1, 0.625, 0.056, 0.056, 0.1, 0, -0.2}};
static void bart_bodies(mv_ellipse *e, int solid) {
    int i, k;
    memset(e, 0, 10 * sizeof *e);
    for (i = 0; i < 10; i++) {
        const double *b = solid ? bart_solid[i] : bart_flat[i];
        e[i].centre[0] = -b[1], e[i].centre[1] = b[0], e[i].centre[2] = solid ? -b[2] : 0;
        for (k = 0; k < 2 + solid; k++) e[i].axes[k] = b[2 + solid + k];
        e[i].angle[0] = b[4 + 2 * solid] + 90;
        e[i].value = b[5 + 2 * solid];
    }
}
static void test_phantom_bart(void) {
    const size_t flat[3] = {64, 64, 1}, solid[3] = {32, 32, 32};
    mv_ellipse e[10];
    mv_phantom_opt o = {0};
    static const char *const names[4] = {"ph_img", "ph_ksp", "ph3_img", "ph3_ksp"};
    int k;
    for (k = 0; k < 4; k++) {
        mv_volume want, got = {0};
        if (bart(&want, names[k])) {
            t_skip("no answers of BART at hand");
            return;
        }
        bart_bodies(e, k / 2);
        o.shapes = e, o.count = 10;
        if (k % 2) CHECK_OK(mv_phantom_kspace(T, &got, k < 2 ? flat : solid, &o));
        else CHECK_OK(mv_phantom_image(T, &got, k < 2 ? flat : solid, &o));
        CHECK_NEAR(apart(&want, &got, 0), 0, k < 3 ? 1e-6 : 0.015); /* its ph3_ksp is that far off */
        mv_volume_free(T, &want);
        mv_volume_free(T, &got);
    }
}
static void test_phantom_errors(void) {
    typedef mv_status (*call)(mv_ctx *, mv_volume *, const size_t *, const mv_phantom_opt *);
    const call calls[3] = {mv_phantom_image, mv_phantom_kspace, mv_phantom_sens};
    const size_t shape[3] = {8, 6, 4}, none[3] = {8, 0, 1}, huge[3] = {(size_t)-1 / 8, 1, 1};
    int k, j;
    for (k = 0; k < 3; k++) {
        mv_ellipse e = bodies[0];
        mv_phantom_opt o = {0};
        mv_volume v = {0}, other;
        const size_t dim[5] = {8, 6, 5, 1, 1};
        double *const field[4] = {&e.value, &e.centre[2], &e.angle[1], &e.axes[2]};
        static const double bad[4] = {2e20, -1001, 2e6, 0};
        noise(&other, MEDVOL_C64, dim);
        CHECK_STATUS(calls[k](T, NULL, shape, NULL), MEDVOL_E_NULL);
        CHECK_STATUS(calls[k](T, &v, NULL, NULL), MEDVOL_E_NULL);
        CHECK_STATUS(calls[k](T, &v, none, NULL), MEDVOL_E_SIZE);
        CHECK_STATUS(calls[k](T, &v, huge, NULL), MEDVOL_E_SIZE);
        CHECK_STATUS(calls[k](T, &other, shape, NULL), MEDVOL_E_SHAPE);
        o.kind = 2;
        CHECK_STATUS(calls[k](T, &v, shape, &o), MEDVOL_E_RANGE);
        o.kind = 0, o.coils = (size_t)-1;
        CHECK_STATUS(calls[k](T, &v, shape, &o), MEDVOL_E_SIZE);
        o.coils = 2, o.shapes = &e;
        CHECK_STATUS(calls[k](T, &v, shape, &o), MEDVOL_E_EMPTY);
        o.count = 1;
        for (j = 0; j < 4; j++) {
            const double was = *field[j];
            *field[j] = bad[j];
            CHECK_STATUS(calls[k](T, &v, shape, &o), MEDVOL_E_RANGE);
            *field[j] = NAN;
            CHECK_STATUS(calls[k](T, &v, shape, &o), MEDVOL_E_RANGE);
            *field[j] = was;
        }
        T->desc.progress = stop;
        CHECK_STATUS(calls[k](T, &v, shape, &o), MEDVOL_E_CANCELLED);
        T->desc.progress = NULL;
        CHECK(!v.data);
        mv_volume_free(T, &other);
    }
}
/* ---- partial Fourier ---- */
static void transform(double *x, const size_t *dim, int inverse) { /* of x, y, z, coils; in place */
    mv_volume v;
    mv_fft_opt o = {0};
    o.flags = MEDVOL_FFT_CENTERED | MEDVOL_FFT_UNITARY | (inverse ? MEDVOL_FFT_INVERSE : 0u);
    CHECK_OK(mv_volume_wrap(T, &v, x, MEDVOL_C128, 5, dim, NULL));
    CHECK_OK(mv_fft(T, &v, &v, &o));
}
typedef struct measured {
    int axis, high; /* high: lines are missing at the low end */
    size_t n, lo, hi, h, stride;
} measured;
static size_t line_of(const measured *l, size_t i) { return i / l->stride % l->n; }
/* what the two calls promise, in double and with whole transforms */
static void homodyne_of(double *out, const double *k, const measured *l, const size_t *dim, size_t all,
                        int step, int keep) {
    double *low = (double *)malloc(2 * all * sizeof *low);
    size_t i;
    if (!CHECK(low)) return;
    for (i = 0; i < all; i++) {
        const size_t at = line_of(l, i);
        const double j = (double)at - (double)(l->n / 2), d = (double)l->h + 1, s = l->high ? j : -j;
        const int on = at >= l->lo && at < l->hi;
        double a = on && fabs(j) < d ? 0.54 + 0.46 * cos(PI * j / d) : 0, w = fabs(j) < d ? 1 : s > 0 ? 2 : 0;
        if (fabs(j) < d && !step) w = 1 + s / d;
        if (at == 0 && l->n % 2 == 0) w = 1;
        if (!on) w = 0;
        low[2 * i] = a * k[2 * i], low[2 * i + 1] = a * k[2 * i + 1];
        out[2 * i] = w * k[2 * i], out[2 * i + 1] = w * k[2 * i + 1];
    }
    transform(low, dim, 1);
    transform(out, dim, 1);
    for (i = 0; i < all; i++) {
        const double m = hypot(low[2 * i], low[2 * i + 1]), c = low[2 * i] / m, s = low[2 * i + 1] / m;
        const double r = out[2 * i] * c + out[2 * i + 1] * s;
        out[2 * i] = keep ? r * c : r, out[2 * i + 1] = keep ? r * s : 0;
    }
    free(low);
}
static void pocs_of(double *out, const double *k, const measured *l, const size_t *dim, size_t all, int steps,
    int transition) {
    double *low = (double *)malloc(2 * all * sizeof *low);
    size_t i, p;
    if (!CHECK(low)) return;
    for (i = 0; i < all; i++) {
        const double j = (double)line_of(l, i) - (double)(l->n / 2), d = (double)l->h + 1;
        const double a = fabs(j) < d ? 0.54 + 0.46 * cos(PI * j / d) : 0;
        const int on = line_of(l, i) >= l->lo && line_of(l, i) < l->hi;
        for (p = 0; p < 2; p++)
            low[2 * i + p] = on ? a * k[2 * i + p] : 0, out[2 * i + p] = on ? k[2 * i + p] : 0;
    }
    transform(low, dim, 1);
    transform(out, dim, 1);
    for (; steps; steps--) {
        for (i = 0; i < all; i++) {
            const double m = hypot(out[2 * i], out[2 * i + 1]) / hypot(low[2 * i], low[2 * i + 1]);
            out[2 * i] = m * low[2 * i], out[2 * i + 1] = m * low[2 * i + 1];
        }
        transform(out, dim, 0);
        for (i = 0; i < all; i++) {
            const size_t at = line_of(l, i);
            double w = 1;
            if (at < l->lo || at >= l->hi) continue;
            if (l->lo > 0 && at - l->lo < (size_t)transition)
                w = 0.5 - 0.5 * cos(PI * ((double)(at - l->lo) + 1) / (transition + 1));
            if (l->hi < l->n && l->hi - 1 - at < (size_t)transition)
                w = 0.5 - 0.5 * cos(PI * ((double)(l->hi - 1 - at) + 1) / (transition + 1));
            for (p = 0; p < 2; p++) out[2 * i + p] = w * k[2 * i + p] + (1 - w) * out[2 * i + p];
        }
        transform(out, dim, 1);
    }
    free(low);
}
/* k-space of smooth objects with a slow phase, zero outside of the lines; its image in `object` */
static void partial(mv_volume *v, double *k, double *object, const measured *l, const size_t *dim, size_t all,
    double bend) {
    size_t i, p;
    for (i = 0; i < all; i++) {
        size_t r = i, c;
        double u[3], m;
        for (c = 0; c < 3; r /= dim[c], c++)
            u[c] = ((double)(r % dim[c]) - (double)(dim[c] / 2)) / (double)dim[c];
        m = exp(-40 * u[0] * u[0] - 30 * u[1] * u[1] - 20 * u[2] * u[2]) +
            0.5 * exp(-300 * (pow(u[0] - 0.1, 2) + pow(u[1] + 0.1, 2)) - 30 * u[2] * u[2]);
        object[2 * i] = (1 + (double)(r % 3)) * m * cos(0.7 + (double)r + bend * (u[0] - u[1] * u[1]));
        object[2 * i + 1] = (1 + (double)(r % 3)) * m * sin(0.7 + (double)r + bend * (u[0] - u[1] * u[1]));
    }
    memcpy(k, object, 2 * all * sizeof *k);
    transform(k, dim, 0);
    CHECK_OK(mv_volume_alloc(T, v, MEDVOL_C64, 5, dim));
    for (i = 0; i < all; i++)
        for (p = 0; p < 2; p++) {
            const int on = line_of(l, i) >= l->lo && line_of(l, i) < l->hi;
            floats(v)[2 * i + p] = on ? (float)k[2 * i + p] : 0.0f;
            k[2 * i + p] = (double)floats(v)[2 * i + p];
        }
}
static double off(const mv_volume *a, const double *b, int magnitudes) { /* relative */
    double wrong = 0, all = 0;
    size_t i;
    for (i = 0; i < mv_volume_count(a); i++) {
        const pair p = at(a, i);
        const double m = hypot(b[2 * i], b[2 * i + 1]), d = hypot(p.re, p.im) - m;
        wrong += magnitudes ? d * d : pow(p.re - b[2 * i], 2) + pow(p.im - b[2 * i + 1], 2);
        all += m * m;
    }
    return sqrt(wrong / all);
}
static void test_partial(void) {
    static const struct {
        size_t dim[5];
        int axis;
        size_t lo, hi;
    } rows[] = {{{24, 31, 1, 2, 2}, 1, 0, 20}, {{24, 31, 1, 2, 2}, 0, 7, 24}, {{9, 8, 12, 1, 1}, 2, 0, 9},
        {{13, 10, 9, 2, 1}, 2, 2, 9}, {{30, 16, 1, 1, 3}, 0, 0, 30}, {{16, 32, 1, 1, 1}, 1, 3, 27}};
    size_t k, i;
    for (k = 0; k < sizeof rows / sizeof *rows; k++) {
        const size_t *dim = rows[k].dim, all = dim[0] * dim[1] * dim[2] * dim[3] * dim[4];
        const int turn = (int)(k % 4);
        double *x = (double *)malloc(6 * all * sizeof *x), *object = x + 2 * all, *want = object + 2 * all;
        mv_volume v, got = {0};
        mv_homodyne_opt h = {0};
        mv_pocs_opt p = {0};
        measured l;
        if (!CHECK(x)) return;
        l.axis = rows[k].axis, l.n = dim[l.axis], l.lo = rows[k].lo, l.hi = rows[k].hi;
        for (l.stride = 1, i = 0; i < (size_t)l.axis; i++) l.stride *= dim[i];
        l.high = l.hi - 1 - l.n / 2 > l.n / 2 - l.lo;
        l.h = l.high ? l.n / 2 - l.lo : l.hi - 1 - l.n / 2;
        partial(&v, x, object, &l, dim, all, 1.5);
        v.affine[3] = 7;
        h.step = turn & 1, h.keep_phase = turn >> 1;
        homodyne_of(want, x, &l, dim, all, h.step, h.keep_phase);
        if (!CHECK_OK(mv_homodyne(T, &got, &v, l.axis, &h))) return;
        CHECK(got.ndim == 5 && got.affine[3] == 7);
        CHECK_NEAR(off(&got, want, 0), 0, 2e-6);
        CHECK_NEAR(off(&got, object, 1), 0, 0.05); /* the phase is slow enough */
        h.first = l.lo, h.count = l.hi - l.lo; /* told, with rubbish beside: the same */
        for (i = 0; i < all; i++)
            if (line_of(&l, i) < l.lo || line_of(&l, i) >= l.hi) floats(&v)[2 * i] = NAN;
        CHECK_OK(mv_homodyne(T, &got, &v, l.axis, &h)); /* into its memory */
        CHECK_NEAR(off(&got, want, 0), 0, 2e-6);
        p.first = h.first, p.count = h.count, p.iterations = 3, p.transition = turn == 0 ? -1 : 2;
        pocs_of(want, x, &l, dim, all, 3, turn == 0 ? 0 : 2);
        mv_volume_free(T, &got);
        CHECK_OK(mv_pocs(T, &got, &v, l.axis, &p));
        CHECK_NEAR(off(&got, want, 0), 0, 2e-6);
        CHECK_NEAR(off(&got, object, 1), 0, 0.05);
        CHECK_OK(mv_pocs(T, &v, &v, l.axis, &p)); /* in place */
        CHECK(same_bytes(&v, &got));
        mv_volume_free(T, &v);
        mv_volume_free(T, &got);
        partial(&v, x, object, &l, dim, all, 0); /* of one phase: exact */
        CHECK_OK(mv_homodyne(T, &got, &v, l.axis, NULL));
        CHECK_NEAR(off(&got, object, 1), 0, l.n % 2 ? 1e-5 : 1e-3);
        CHECK_OK(mv_homodyne(T, &v, &v, l.axis, NULL));
        CHECK(same_bytes(&v, &got));
        mv_volume_free(T, &v);
        mv_volume_free(T, &got);
        free(x);
    }
}
static void test_partial_bart(void) {
    mv_volume src, want, got = {0}, whole, image = {0};
    mv_fft_opt o = {0};
    o.flags = MEDVOL_FFT_CENTERED | MEDVOL_FFT_UNITARY | MEDVOL_FFT_INVERSE;
    if (bart(&src, "pf_full")) {
        t_skip("no answers of BART at hand");
        return;
    }
    if (CHECK(bart(&want, "homodyne") == 0)) {
        CHECK_OK(mv_homodyne(T, &got, &src, 1, NULL));
        CHECK(apart(&want, &got, 1) < 0.075); /* BART's own is 0.07 from the image of all data, ours 0.013 */
        if (CHECK(bart(&whole, "ph_ksp") == 0)) {
            CHECK_OK(mv_fft(T, &image, &whole, &o));
            CHECK(apart(&image, &got, 1) < 0.015);
            CHECK_OK(mv_pocs(T, &got, &src, 1, NULL));
            CHECK(apart(&image, &got, 1) < 0.06);
        }
        mv_volume_free(T, &whole);
        mv_volume_free(T, &image);
    }
    mv_volume_free(T, &src);
    mv_volume_free(T, &want);
    mv_volume_free(T, &got);
}
static void test_partial_errors(void) {
    const size_t dim[5] = {8, 12, 3, 2, 1}, other[5] = {8, 12, 3, 1, 1};
    mv_volume src, real, wrong, dst = {0}, gaps;
    mv_homodyne_opt h = {0};
    mv_pocs_opt p = {0};
    ptrdiff_t stride[5] = {1, 10, 130, 400, 900};
    static float room[2 * 1000];
    size_t i;
    noise(&src, MEDVOL_C64, dim);
    noise(&real, MEDVOL_F32, dim);
    noise(&wrong, MEDVOL_C64, other);
    CHECK_STATUS(mv_homodyne(T, NULL, &src, 1, NULL), MEDVOL_E_NULL);
    CHECK_STATUS(mv_homodyne(T, &dst, NULL, 1, NULL), MEDVOL_E_NULL);
    CHECK_STATUS(mv_pocs(T, NULL, &src, 1, NULL), MEDVOL_E_NULL);
    CHECK_STATUS(mv_homodyne(T, &dst, &real, 1, NULL), MEDVOL_E_DTYPE);
    CHECK_STATUS(mv_pocs(T, &dst, &real, 1, NULL), MEDVOL_E_DTYPE);
    CHECK_STATUS(mv_homodyne(T, &dst, &src, 3, NULL), MEDVOL_E_RANGE);
    CHECK_STATUS(mv_pocs(T, &dst, &src, -1, NULL), MEDVOL_E_RANGE);
    CHECK_STATUS(mv_homodyne(T, &wrong, &src, 1, NULL), MEDVOL_E_SHAPE);
    h.first = 2, h.count = 11;
    CHECK_STATUS(mv_homodyne(T, &dst, &src, 1, &h), MEDVOL_E_RANGE);
    h.first = 6, h.count = 6; /* the centre, and nothing below */
    CHECK_STATUS(mv_homodyne(T, &dst, &src, 1, &h), MEDVOL_E_RANGE);
    p.first = 0, p.count = 7;
    CHECK_STATUS(mv_pocs(T, &dst, &src, 1, &p), MEDVOL_E_RANGE);
    p.count = (size_t)-1;
    CHECK_STATUS(mv_pocs(T, &dst, &src, 1, &p), MEDVOL_E_RANGE);
    p.count = 0, p.iterations = -1;
    CHECK_STATUS(mv_pocs(T, &dst, &src, 1, &p), MEDVOL_E_RANGE);
    p.iterations = 10001;
    CHECK_STATUS(mv_pocs(T, &dst, &src, 1, &p), MEDVOL_E_RANGE);
    T->desc.progress = stop;
    CHECK_STATUS(mv_homodyne(T, &dst, &src, 1, NULL), MEDVOL_E_CANCELLED);
    CHECK_STATUS(mv_pocs(T, &dst, &src, 1, NULL), MEDVOL_E_CANCELLED);
    T->desc.progress = NULL;
    CHECK(!dst.data);
    CHECK_OK(mv_volume_wrap(T, &gaps, room, MEDVOL_C64, 5, dim, stride)); /* rows apart, on either side */
    CHECK_OK(mv_homodyne(T, &dst, &src, 2, NULL));
    CHECK_OK(mv_homodyne(T, &gaps, &src, 2, NULL));
    CHECK(room[2 * 1] == floats(&dst)[2] && room[2 * 10] == floats(&dst)[2 * 8] && room[2 * 8] == 0);
    CHECK(room[2 * 400 + 2] == floats(&dst)[2 * 8 * 12 * 3 + 2]);
    CHECK_OK(mv_pocs(T, &dst, &src, 1, NULL));
    CHECK_OK(mv_pocs(T, &gaps, &src, 1, NULL));
    CHECK(room[2 * 11] == floats(&dst)[2 * 9] && room[2 * 401 + 1] == floats(&dst)[2 * (8 * 12 * 3 + 1) + 1]);
    mv_volume_free(T, &dst);
    CHECK_OK(mv_volume_copy(T, &dst, &gaps));
    CHECK_OK(mv_homodyne(T, &dst, &dst, 1, NULL));
    CHECK_OK(mv_homodyne(T, &gaps, &gaps, 1, NULL));
    CHECK(room[2 * 11] == floats(&dst)[2 * 9]);
    mv_volume_free(T, &dst);
    for (i = 0; i < 2 * mv_volume_count(&src); i++) floats(&src)[i] = 0;
    CHECK_STATUS(mv_homodyne(T, &dst, &src, 1, NULL), MEDVOL_E_EMPTY);
    mv_volume_free(T, &src);
    mv_volume_free(T, &real);
    mv_volume_free(T, &wrong);
}
/* ---- echo-planar readouts ---- */
/* exp(i (p0 + p1 (x - c))) and the drift of each line on odd lines, after the transform along x */
static void delay(mv_volume *v, double p0, double p1, double drift) {
    const size_t n = v->dim[0], rows = mv_volume_count(v) / n;
    double *w = (double *)malloc(2 * n * sizeof *w);
    size_t r, x;
    if (!CHECK(w)) return;
    for (r = 0; r < rows; r++) {
        const size_t y = r % v->dim[1];
        const size_t dim[5] = {n, 1, 1, 1, 1};
        float *p = floats(v) + 2 * r * n;
        for (x = 0; x < 2 * n; x++) w[x] = (double)p[x];
        transform(w, dim, 1);
        for (x = 0; x < n; x++) {
            const double a = (y % 2 ? p0 + p1 * ((double)x - (double)(n / 2)) : 0) + drift * (double)y;
            const double c = cos(a), s = sin(a), re = w[2 * x], im = w[2 * x + 1];
            w[2 * x] = re * c - im * s, w[2 * x + 1] = re * s + im * c;
        }
        transform(w, dim, 0);
        for (x = 0; x < 2 * n; x++) p[x] = (float)w[x];
    }
    free(w);
}
static double volumes_apart(const mv_volume *a, const mv_volume *b) {
    double wrong = 0, all = 0;
    size_t i;
    for (i = 0; i < 2 * mv_volume_count(a); i++) {
        wrong += pow((double)floats(a)[i] - (double)floats(b)[i], 2);
        all += pow((double)floats(b)[i], 2);
    }
    return sqrt(wrong / all);
}
static void test_epi(void) {
    static const size_t dims[3][5] = {{32, 3, 1, 1, 1}, {21, 5, 2, 3, 1}, {16, 2, 1, 2, 2}};
    static const double phases[3][2] = {{0.6, 0.05}, {-2.5, -0.7}, {3, 1.9}};
    int k;
    for (k = 0; k < 3; k++) {
        const size_t image[5] = {dims[k][0], 11, 2, 2, 2};
        const double *want = phases[k];
        double got[2] = {9, 9}, back[2];
        mv_volume nav, v, was = {0}, out = {0};
        const size_t n = dims[k][0];
        size_t r, x;
        noise(&nav, MEDVOL_C64, dims[k]);
        for (r = 0; r < mv_volume_count(&nav) / n; r++) /* all lines of a slice and coil the same */
            if (r % dims[k][1])
                memcpy(floats(&nav) + 2 * r * n, floats(&nav) + 2 * (r - 1) * n, 8 * n);
        delay(&nav, want[0], want[1], dims[k][1] % 2 ? 0.3 : 0); /* an odd number of lines: drift drops out */
        if (!CHECK_OK(mv_epi_ghost_estimate(T, got, &nav))) return;
        CHECK_NEAR(got[0], want[0], 2e-6 * (double)n);
        CHECK_NEAR(got[1], want[1], 2e-6);
        noise(&v, MEDVOL_C64, image);
        CHECK_OK(mv_volume_copy(T, &was, &v));
        delay(&v, want[0], want[1], 0);
        CHECK(volumes_apart(&v, &was) > 0.1);
        CHECK_OK(mv_epi_ghost(T, &out, &v, want));
        CHECK_NEAR(volumes_apart(&out, &was), 0, 1e-6);
        CHECK(out.ndim == 5 && !memcmp(out.affine, v.affine, sizeof v.affine));
        for (x = 0; x < 2 * n; x++) CHECK(floats(&out)[x] == floats(&v)[x]); /* even lines: to the bit */
        back[0] = -want[0], back[1] = -want[1];
        CHECK_OK(mv_epi_ghost(T, &out, &out, back));
        CHECK_NEAR(volumes_apart(&out, &v), 0, 1e-6);
        mv_volume_free(T, &nav);
        mv_volume_free(T, &v);
        mv_volume_free(T, &was);
        mv_volume_free(T, &out);
    }
}
/* area of a trapezoid's gradient up to t, by small steps */
static double area(const mv_epi_timing *g, double t) {
    enum { N = 20000 };
    double sum = 0;
    int i;
    for (i = 0; i < N; i++) {
        const double at = t * (i + 0.5) / N, end = g->up + g->flat + g->down;
        sum += (at < g->up ? at / g->up : at > g->up + g->flat ? (end - at) / g->down : 1) * t / N;
    }
    return sum;
}
static void test_ramp(void) {
    static const struct {
        size_t m, n;
        mv_epi_timing g;
        double tolerance;
    } rows[] = {{24, 24, {0, 10, 0, 0, 10.0 / 24, 0}, 2e-6}, {48, 24, {4, 6, 4, 1, 0.25, 0}, 1e-5},
        {40, 17, {5, 1, 3, 0, 0.225, 0}, 1e-5}, {64, 32, {10, 0, 10, 2, 0.25, 1e-9}, 1e-5}};
    size_t k, i, j, r;
    for (k = 0; k < sizeof rows / sizeof *rows; k++) {
        const mv_epi_timing *g = &rows[k].g;
        const size_t m = rows[k].m, n = rows[k].n, dim[5] = {m, 3, 1, 2, 1}, lines = 6;
        const double a0 = area(g, g->delay), a1 = area(g, g->delay + g->dwell * (double)m);
        double wrong = 0, all = 0, *object = (double *)malloc(2 * n * lines * sizeof *object);
        mv_volume v, got = {0};
        if (!CHECK(object)) return;
        noise(&v, MEDVOL_C64, dim);
        for (i = 0; i < 2 * n * lines; i++) object[i] = t_uniform(-1, 1);
        for (i = 0; i < m * lines; i++) { /* what is measured of it, by the sum */
            const double now = area(g, g->delay + ((double)(i % m) + 0.5) * g->dwell);
            const double p = (double)n * (now - a0) / (a1 - a0) - 0.5;
            pair s = {0, 0};
            for (r = 0; r < n; r++) {
                const double *o = object + 2 * (i / m * n + r);
                const double c = (double)(n / 2), turn = -2 * PI * (p - c) * ((double)r - c) / (double)n;
                s.re += o[0] * cos(turn) - o[1] * sin(turn), s.im += o[0] * sin(turn) + o[1] * cos(turn);
            }
            floats(&v)[2 * i] = (float)(s.re / sqrt((double)n));
            floats(&v)[2 * i + 1] = (float)(s.im / sqrt((double)n));
        }
        if (!CHECK_OK(mv_epi_ramp(T, &got, &v, n, g))) return;
        CHECK(got.dim[0] == n && got.dim[1] == 3 && got.dim[3] == 2);
        CHECK_NEAR(got.affine[0] * (double)n, v.affine[0] * (double)m, 1e-9);
        {
            const size_t even[5] = {n, 3, 1, 2, 1};
            double *line = (double *)malloc(2 * n * sizeof *line);
            for (i = 0; i < lines && CHECK(line); i++) {
                const size_t one[5] = {n, 1, 1, 1, 1};
                memcpy(line, object + 2 * i * n, 2 * n * sizeof *line);
                transform(line, one, 0);
                for (j = 0; j < 2 * n; j++) {
                    wrong += pow(line[j] - (double)floats(&got)[2 * i * n + j], 2);
                    all += line[j] * line[j];
                }
            }
            free(line);
            CHECK(mv_volume_count(&got) == even[0] * 6);
        }
        CHECK_NEAR(sqrt(wrong / all), 0, rows[k].tolerance);
        CHECK_OK(mv_epi_ramp(T, &v, &v, n, g));
        CHECK(same_bytes(&v, &got));
        mv_volume_free(T, &v);
        mv_volume_free(T, &got);
        free(object);
    }
}
static void test_ramp_errors(void) {
    const size_t dim[5] = {32, 4, 1, 2, 1}, small[5] = {16, 4, 1, 1, 1};
    const mv_epi_timing good = {2, 4, 2, 0, 0.25, 0};
    const ptrdiff_t stride[5] = {1, 20, 90, 100, 300};
    static float room[2 * 400];
    mv_volume v, wrong, dst = {0}, gaps, real;
    const size_t to[5] = {16, 4, 1, 2, 1};
    int k;
    noise(&v, MEDVOL_C64, dim);
    noise(&real, MEDVOL_F32, dim);
    noise(&wrong, MEDVOL_C64, small);
    CHECK_STATUS(mv_epi_ramp(T, NULL, &v, 16, &good), MEDVOL_E_NULL);
    CHECK_STATUS(mv_epi_ramp(T, &dst, NULL, 16, &good), MEDVOL_E_NULL);
    CHECK_STATUS(mv_epi_ramp(T, &dst, &v, 16, NULL), MEDVOL_E_NULL);
    CHECK_STATUS(mv_epi_ramp(T, &dst, &real, 16, &good), MEDVOL_E_DTYPE);
    CHECK_STATUS(mv_epi_ramp(T, &dst, &v, 33, &good), MEDVOL_E_SHAPE);
    CHECK_STATUS(mv_epi_ramp(T, &dst, &v, 0, &good), MEDVOL_E_SHAPE);
    CHECK_STATUS(mv_epi_ramp(T, &wrong, &v, 16, &good), MEDVOL_E_SHAPE);
    for (k = 0; k < 6; k++) {
        mv_epi_timing g = good;
        double *const field[6] = {&g.up, &g.flat, &g.down, &g.delay, &g.dwell, &g.lambda};
        *field[k] = -1;
        CHECK_STATUS(mv_epi_ramp(T, &dst, &v, 16, &g), MEDVOL_E_RANGE);
        *field[k] = NAN;
        CHECK_STATUS(mv_epi_ramp(T, &dst, &v, 16, &g), MEDVOL_E_RANGE);
        *field[k] = k == 4 ? 0.26 : INFINITY;
        CHECK_STATUS(mv_epi_ramp(T, &dst, &v, 16, &g), MEDVOL_E_RANGE);
    }
    {
        mv_epi_timing g = {1e6, 0, 0, 0, 1e-200, 0}; /* no move that a double could tell */
        CHECK_STATUS(mv_epi_ramp(T, &dst, &v, 16, &g), MEDVOL_E_RANGE);
    }
    CHECK_OK(mv_volume_wrap(T, &gaps, room, MEDVOL_C64, 5, to, stride));
    CHECK_OK(mv_epi_ramp(T, &dst, &v, 16, &good));
    CHECK_OK(mv_epi_ramp(T, &gaps, &v, 16, &good));
    CHECK(room[2 * 101 + 1] == floats(&dst)[2 * (16 * 4 + 1) + 1] && room[41] == floats(&dst)[33]);
    mv_volume_free(T, &dst);
    mv_volume_free(T, &v);
    mv_volume_free(T, &wrong);
    mv_volume_free(T, &real);
}
static void test_epi_errors(void) {
    const size_t dim[5] = {8, 4, 2, 1, 1}, one[5] = {8, 1, 4, 1, 1}, thin[5] = {1, 4, 4, 1, 1};
    mv_volume v, single, narrow, real, dst = {0};
    double phase[2] = {0.5, 0.1}, bad[2] = {0, 0};
    size_t i, made;
    noise(&v, MEDVOL_C64, dim);
    noise(&single, MEDVOL_C64, one);
    noise(&narrow, MEDVOL_C64, thin);
    noise(&real, MEDVOL_F32, dim);
    CHECK_STATUS(mv_epi_ghost_estimate(T, NULL, &v), MEDVOL_E_NULL);
    CHECK_STATUS(mv_epi_ghost_estimate(T, phase, NULL), MEDVOL_E_NULL);
    CHECK_STATUS(mv_epi_ghost_estimate(T, phase, &real), MEDVOL_E_DTYPE);
    CHECK_STATUS(mv_epi_ghost_estimate(T, phase, &single), MEDVOL_E_SHAPE);
    CHECK_STATUS(mv_epi_ghost_estimate(T, phase, &narrow), MEDVOL_E_SHAPE);
    CHECK_STATUS(mv_epi_ghost(T, NULL, &v, phase), MEDVOL_E_NULL);
    CHECK_STATUS(mv_epi_ghost(T, &dst, NULL, phase), MEDVOL_E_NULL);
    CHECK_STATUS(mv_epi_ghost(T, &dst, &v, NULL), MEDVOL_E_NULL);
    CHECK_STATUS(mv_epi_ghost(T, &dst, &real, phase), MEDVOL_E_DTYPE);
    made = t_allocations();
    CHECK_STATUS(mv_epi_ghost(T, &single, &v, phase), MEDVOL_E_SHAPE);
    CHECK(t_allocations() == made); /* before any work */
    bad[1] = NAN;
    CHECK_STATUS(mv_epi_ghost(T, &dst, &v, bad), MEDVOL_E_RANGE);
    bad[1] = 0, bad[0] = INFINITY;
    CHECK_STATUS(mv_epi_ghost(T, &dst, &v, bad), MEDVOL_E_RANGE);
    T->desc.progress = stop;
    CHECK_STATUS(mv_epi_ghost(T, &dst, &v, phase), MEDVOL_E_CANCELLED);
    T->desc.progress = NULL;
    CHECK(!dst.data);
    floats(&v)[3] = NAN;
    CHECK_STATUS(mv_epi_ghost_estimate(T, phase, &v), MEDVOL_E_EMPTY);
    for (i = 0; i < 2 * mv_volume_count(&v); i++) floats(&v)[i] = 0;
    CHECK_STATUS(mv_epi_ghost_estimate(T, phase, &v), MEDVOL_E_EMPTY);
    CHECK(phase[0] == 0.5 && phase[1] == 0.1);
    mv_volume_free(T, &v);
    mv_volume_free(T, &single);
    mv_volume_free(T, &narrow);
    mv_volume_free(T, &real);
}

/* ---- Gibbs ringing ---- */
/* Kellner et al. on one line, by the definition, in double: series, shifts, windows; onto sum. */
static void unring_line(double *sum, const double *line, size_t n, size_t step, size_t shifts, size_t first,
                        size_t last) {
    const double pi = 3.14159265358979323846;
    static double re[64], im[64], a[129][64], b[129][64];
    size_t k, x, t, i;
    for (k = 0; k < n; k++) {
        re[k] = im[k] = 0;
        for (x = 0; x < n; x++) {
            const double c = cos(2 * pi * (double)(k * x % n) / (double)n);
            const double s = sin(2 * pi * (double)(k * x % n) / (double)n);
            re[k] += line[2 * step * x] * c + line[2 * step * x + 1] * s;
            im[k] += line[2 * step * x + 1] * c - line[2 * step * x] * s;
        }
    }
    for (t = 0; t < 2 * shifts + 1; t++)
        for (x = 0; x < n; x++) {
            const double at = (double)x + ((double)t - (double)shifts) / (double)(2 * shifts);
            a[t][x] = b[t][x] = 0;
            for (k = 0; k < n; k++) {
                const double f = 2 * k > n ? (double)k - (double)n : (double)k, u = 2 * pi * f / (double)n;
                const double c = cos(u * at), s = sin(u * at);
                if (2 * k == n) { /* (f + -f) / 2: cos x pi cos s pi */
                    const double w = cos(pi * (double)x) * cos(pi * (at - (double)x)) / (double)n;
                    a[t][x] += re[k] * w, b[t][x] += im[k] * w;
                } else {
                    a[t][x] += (re[k] * c - im[k] * s) / (double)n;
                    b[t][x] += (im[k] * c + re[k] * s) / (double)n;
                }
            }
        }
    for (x = 0; x < n; x++) {
        double best = HUGE_VAL, p = 0, q = 0;
        for (i = 0; i < 2 * shifts + 1; i++) {
            double side[2] = {0, 0}, s;
            size_t w, from;
            t = i % 2 ? shifts + (i + 1) / 2 : shifts - i / 2;
            s = fabs((double)t - (double)shifts) / (double)(2 * shifts);
            for (w = first; w <= last; w++) {
                const size_t l = (x + n - w) % n, m = (x + 2 * n - w - 1) % n, r = (x + w) % n;
                const size_t g = (x + w + 1) % n;
                side[0] += fabs(a[t][l] - a[t][m]) + fabs(b[t][l] - b[t][m]);
                side[1] += fabs(a[t][r] - a[t][g]) + fabs(b[t][r] - b[t][g]);
            }
            from = t > shifts ? (x + n - 1) % n : (x + 1) % n;
            if (fmin(side[0], side[1]) < best) {
                best = fmin(side[0], side[1]);
                p = (1 - s) * a[t][x] + s * a[t][from], q = (1 - s) * b[t][x] + s * b[t][from];
            }
        }
        sum[2 * step * x] += p, sum[2 * step * x + 1] += q;
    }
}
/* all of a volume of up to 4096 voxels: split by the weights of its spectrum, axis by axis */
static void unring_naive(double *sum, const mv_volume *src, unsigned axes, size_t shifts, size_t first,
                         size_t last) {
    static double piece[8192];
    const double pi = 3.14159265358979323846;
    const size_t *n = src->dim, all = n[0] * n[1] * n[2];
    size_t i, j, k[3], x[3];
    int d, e;
    memset(sum, 0, 2 * all * sizeof *sum);
    for (d = 0; d < 3; d++)
        if (n[d] == 1) axes &= ~(1u << d);
    for (d = 0; d < 3; d++) {
        const size_t step = d == 0 ? 1 : d == 1 ? n[0] : n[0] * n[1];
        if (!(axes >> d & 1)) continue;
        memset(piece, 0, sizeof piece);
        for (i = 0; i < all; i++) { /* circular convolution with the weights' transform */
            double re = 0, im = 0;
            k[0] = i % n[0], k[1] = i / n[0] % n[1], k[2] = i / n[0] / n[1];
            for (j = 0; j < all; j++) {
                double turn = 0;
                x[0] = j % n[0], x[1] = j / n[0] % n[1], x[2] = j / n[0] / n[1];
                for (e = 0; e < 3; e++)
                    if (!(axes >> e & 1) && k[e] != x[e]) break;
                    else if (axes >> e & 1) turn += (double)(k[e] * x[e] % n[e]) / (double)n[e];
                if (e < 3) continue;
                turn *= 2 * pi;
                re += part(src, 2 * j) * cos(turn) + part(src, 2 * j + 1) * sin(turn);
                im += part(src, 2 * j + 1) * cos(turn) - part(src, 2 * j) * sin(turn);
            }
            {
                double of[3] = {0, 0, 0}, total = 0, w;
                int f, some = 0;
                for (e = 0; e < 3; e++) {
                    if (!(axes >> e & 1)) continue;
                    for (of[e] = 1, f = 0; f < 3; f++)
                        if (f != e && axes >> f & 1)
                            of[e] *= 2 * k[f] == n[f] ? 0 : 1 + cos(2 * pi * (double)k[f] / (double)n[f]);
                    total += of[e], some++;
                }
                w = (total > 0 ? of[d] / total : 1.0 / some);
                re *= w, im *= w;
            }
            for (j = 0; j < all; j++) { /* and back */
                double turn = 0, count = 1;
                x[0] = j % n[0], x[1] = j / n[0] % n[1], x[2] = j / n[0] / n[1];
                for (e = 0; e < 3; e++)
                    if (!(axes >> e & 1) && k[e] != x[e]) break;
                    else if (axes >> e & 1)
                        turn += (double)(k[e] * x[e] % n[e]) / (double)n[e], count *= (double)n[e];
                if (e < 3) continue;
                turn *= 2 * pi;
                piece[2 * j] += (re * cos(turn) - im * sin(turn)) / count;
                piece[2 * j + 1] += (im * cos(turn) + re * sin(turn)) / count;
            }
        }
        for (i = 0; i < all / n[d]; i++) {
            const size_t base = i % step + i / step * step * n[d];
            unring_line(sum + 2 * base, piece + 2 * base, n[d], step, shifts, first, last);
        }
    }
}
static void test_unring(void) { /* against the definition, along every choice of axes, odd and even */
    static const struct {
        size_t dim[5];
        mv_unring_opt o;
    } rows[] = {{{17, 12, 1, 1, 1}, {0, 0, 0, 0}}, {{12, 1, 9, 1, 1}, {7, 5, 1, 3}},
        {{11, 10, 8, 1, 1}, {7, 4, 0, 2}}, {{40, 1, 1, 1, 1}, {1, 7, 2, 4}},
        {{5, 21, 2, 1, 1}, {2, 20, 1, 2}}, {{3, 2, 13, 1, 1}, {4, 3, 1, 1}}};
    static double want[8192];
    size_t k, i;
    t_seed(41);
    for (k = 0; k < sizeof rows / sizeof *rows; k++) {
        const mv_unring_opt *o = &rows[k].o;
        const size_t shifts = o->shifts ? o->shifts : 20;
        mv_volume v, got = {0}, serial = {0}, real, plain = {0};
        size_t far_off = 0, n;
        noise(&v, MEDVOL_C64, rows[k].dim);
        n = mv_volume_count(&v);
        unring_naive(want, &v, o->axes ? o->axes : 3, shifts, o->first || o->last ? o->first : 1,
            o->first || o->last ? o->last : 3);
        CHECK_OK(mv_unring(T, &got, &v, o));
        for (i = 0; got.data && i < 2 * n; i++) far_off += !(fabs(floats(&got)[i] - want[i]) < 2e-5);
        if (!CHECK(far_off <= 2)) /* where two shifts are as good */
            fprintf(stderr, "  row %d: %d of %d\n", (int)k, (int)far_off, (int)(2 * n));
        CHECK(got.affine[3] == -40 && got.dtype == MEDVOL_C64);
        CHECK_OK(mv_unring(NULL, &serial, &v, o));
        CHECK(same_bytes(&got, &serial));
        CHECK_OK(mv_unring(T, &v, &v, o)); /* in place */
        CHECK(same_bytes(&got, &v));
        noise(&real, MEDVOL_F32, rows[k].dim); /* of reals: the real part of pairs without imaginary parts */
        for (i = 0; i < n; i++) floats(&v)[2 * i] = floats(&real)[i], floats(&v)[2 * i + 1] = 0;
        CHECK_OK(mv_unring(T, &plain, &real, o));
        CHECK_OK(mv_unring(T, &got, &v, o));
        for (i = 0; plain.data && i < n; i++)
            if (!CHECK(floats(&plain)[i] == floats(&got)[2 * i])) break;
        CHECK(plain.dtype == MEDVOL_F32 && plain.affine[3] == -40);
        mv_volume_free(T, &v), mv_volume_free(T, &got), mv_volume_free(T, &real), mv_volume_free(T, &plain);
        mv_volume_free(NULL, &serial);
    }
}
/* A disc, from its closed k-space: it rings; afterwards its inside and outside are flat. */
static void test_unring_disc(void) {
    const size_t shape[3] = {64, 64, 1};
    mv_ellipse disc = {0};
    mv_phantom_opt p = {0};
    mv_fft_opt back = {0};
    mv_volume k = {0}, image = {0}, still = {0};
    double before = 0, after = 0;
    size_t i;
    disc.value = 1, disc.axes[0] = 0.61, disc.axes[1] = 0.53, disc.axes[2] = 1;
    p.shapes = &disc, p.count = 1;
    back.flags = MEDVOL_FFT_INVERSE | MEDVOL_FFT_CENTERED | MEDVOL_FFT_SCALED;
    CHECK_OK(mv_phantom_kspace(T, &k, shape, &p));
    CHECK_OK(mv_fft(T, &image, &k, &back));
    CHECK_OK(mv_unring(T, &still, &image, NULL));
    for (i = 0; still.data && i < 64 * 64; i++) {
        const double u = ((double)(i % 64) - 32) / 32, v = ((double)(i / 64) - 32) / 32;
        const double r = sqrt(u * u / (0.61 * 0.61) + v * v / (0.53 * 0.53));
        const double centre = floats(&image)[2 * (32 + 64 * 32)];
        if (fabs(r - 1) < 0.12) continue; /* the edge */
        before = fmax(before, fabs(floats(&image)[2 * i] / centre - (r < 1)));
        after = fmax(after, fabs(floats(&still)[2 * i] / centre - (r < 1)));
    }
    if (!CHECK(before > 0.02 && after < 0.4 * before)) fprintf(stderr, "  %g, then %g\n", before, after);
    mv_volume_free(T, &k), mv_volume_free(T, &image), mv_volume_free(T, &still);
}
static void test_unring_places(void) { /* slices and frames by themselves, views, types, even images */
    const size_t dim[5] = {18, 15, 3, 2, 2}, one[5] = {18, 15, 1, 1, 1}, flat[5] = {1, 1, 4, 3, 1};
    size_t start[5] = {0, 0, 2, 1, 1}, i;
    mv_volume v, got = {0}, view, alone = {0}, whole, part_view, same, thin, stays = {0};
    noise(&v, MEDVOL_I16, dim);
    v.slope = 0.5, v.inter = 1;
    CHECK_OK(mv_unring(T, &got, &v, NULL));
    CHECK_OK(mv_volume_view(T, &view, &v, start, one));
    CHECK_OK(mv_unring(T, &alone, &view, NULL));
    CHECK(got.data && alone.data &&
        !memcmp(alone.data, floats(&got) + 18 * 15 * 11, 18 * 15 * sizeof(float)));
    CHECK(got.slope == 1 && got.inter == 0);
    noise(&whole, MEDVOL_F32, dim); /* a destination with gaps */
    start[0] = start[1] = start[2] = start[3] = start[4] = 0;
    CHECK_OK(mv_volume_view(T, &part_view, &whole, start, one));
    CHECK_OK(mv_unring(T, &part_view, &view, NULL));
    CHECK(!memcmp(part_view.data, alone.data, 18 * 15 * sizeof(float)));
    noise(&same, MEDVOL_F64, one); /* a constant has nothing that rings */
    for (i = 0; i < 18 * 15; i++) ((double *)same.data)[i] = 7.25;
    mv_volume_free(T, &alone);
    CHECK_OK(mv_unring(T, &alone, &same, NULL));
    for (i = 0; i < 18 * 15; i++) CHECK_NEAR(floats(&alone)[i], 7.25, 1e-5);
    noise(&thin, MEDVOL_F32, flat); /* x and y of one voxel: as they are */
    CHECK_OK(mv_unring(T, &stays, &thin, NULL));
    CHECK(same_bytes(&stays, &thin));
    mv_volume_free(T, &v), mv_volume_free(T, &got), mv_volume_free(T, &alone), mv_volume_free(T, &whole);
    mv_volume_free(T, &same), mv_volume_free(T, &thin), mv_volume_free(T, &stays);
}
static void test_unring_errors(void) {
    const size_t dim[5] = {18, 15, 3, 2, 1}, small[5] = {8, 18, 1, 1, 1};
    mv_volume v, few, dst = {0}, rgb = {0};
    mv_unring_opt o = {0, 0, 0, 0};
    noise(&v, MEDVOL_F32, dim), noise(&few, MEDVOL_F32, small);
    CHECK_STATUS(mv_unring(T, NULL, &v, NULL), MEDVOL_E_NULL);
    CHECK_STATUS(mv_unring(T, &dst, NULL, NULL), MEDVOL_E_NULL);
    CHECK_STATUS(mv_unring(T, &dst, &few, NULL), MEDVOL_E_SHAPE);
    CHECK(strstr(mv_message(T), "axis 0"));
    o.axes = 8;
    CHECK_STATUS(mv_unring(T, &dst, &v, &o), MEDVOL_E_RANGE);
    o.axes = 7;
    CHECK_STATUS(mv_unring(T, &dst, &v, &o), MEDVOL_E_SHAPE); /* three slices */
    o.axes = 0, o.shifts = 65;
    CHECK_STATUS(mv_unring(T, &dst, &v, &o), MEDVOL_E_RANGE);
    o.shifts = 0, o.first = 2, o.last = 1;
    CHECK_STATUS(mv_unring(T, &dst, &v, &o), MEDVOL_E_RANGE);
    o.first = 1, o.last = 17;
    CHECK_STATUS(mv_unring(T, &dst, &v, &o), MEDVOL_E_RANGE);
    CHECK_STATUS(mv_unring(T, &few, &v, NULL), MEDVOL_E_SHAPE);
    CHECK_OK(mv_volume_alloc(T, &rgb, MEDVOL_RGB24, 2, dim));
    CHECK_STATUS(mv_unring(T, &dst, &rgb, NULL), MEDVOL_E_DTYPE);
    T->desc.progress = stop;
    CHECK_STATUS(mv_unring(T, &dst, &v, NULL), MEDVOL_E_CANCELLED);
    T->desc.progress = NULL;
    T->desc.limits.max_bytes = 18 * 15 * 6 * 4 - 1;
    CHECK_STATUS(mv_unring(T, &dst, &v, NULL), MEDVOL_E_LIMIT);
    T->desc.limits.max_bytes = 0;
    floats(&v)[5] = NAN; /* of its slice nothing is left, of the others all */
    CHECK(!dst.data);
    CHECK_OK(mv_unring(T, &dst, &v, NULL));
    CHECK(floats(&dst)[100] != floats(&dst)[100] && floats(&dst)[18 * 15] == floats(&dst)[18 * 15]);
    mv_volume_free(T, &v), mv_volume_free(T, &few), mv_volume_free(T, &dst), mv_volume_free(T, &rgb);
}
static void test_unring_volume(void) { /* NaN in one of two volumes of which z is an axis */
    const size_t dim[5] = {10, 9, 12, 2, 1}, n = 10 * 9 * 12;
    const mv_unring_opt o = {7, 3, 0, 0};
    mv_volume v, whole = {0}, got = {0};
    size_t i, gone = 0, same = 0;
    noise(&v, MEDVOL_F32, dim);
    CHECK_OK(mv_unring(T, &whole, &v, &o));
    floats(&v)[n / 2] = NAN;
    CHECK_OK(mv_unring(T, &got, &v, &o));
    for (i = 0; i < n; i++) {
        gone += floats(&got)[i] != floats(&got)[i];
        same += floats(&got)[n + i] == floats(&whole)[n + i];
    }
    CHECK(gone == n && same == n);
    mv_volume_free(T, &v), mv_volume_free(T, &whole), mv_volume_free(T, &got);
}
static int count_calls(void *user, double done, double total, const char *label) {
    CHECK(done <= total);
    *(int *)user += !strcmp(label, "unring");
    return 0;
}
static void test_memory(void) { /* what [API] says: not more, and not much less */
    const size_t dim[2][5] = {{192, 192, 5, 1, 1}, {40, 40, 40, 1, 1}};
    const mv_unring_opt opt[2] = {{0, 0, 0, 0}, {7, 64, 0, 0}};
#ifdef MEDVOL_USE_FFTW
    const double transforms = 1e9; /* copies into arrays of FFTW's */
#else
    const double transforms = 16 * 49152.0;
#endif
    mv_ctx ctx;
    int k, calls = 0;
    if (T_SMALL) return;
    t_weigh(&ctx, t_threads);
    ctx.desc.progress = count_calls, ctx.desc.progress_user = &calls;
    for (k = 0; k < 2; k++) {
        const size_t *n = dim[k], voxels = n[0] * n[1] * (k ? n[2] : 1), shifts = k ? 64 : 20;
        const double said = 4.0 * (double)(voxels * (k ? 1 : n[2])) + 24.0 * (double)voxels +
                            16 * 16.0 * (double)(n[0] * (shifts + 3));
        mv_volume v, dst = {0};
        double took;
        noise(&v, MEDVOL_F32, n);
        t_peak();
        CHECK_OK(mv_unring(&ctx, &dst, &v, &opt[k]));
        took = (double)t_peak();
        CHECK(took > 0.9 * said && took < said + transforms);
        CHECK(calls == (k ? 18 : 11)); /* 5 slices of 2 axes; 3 axes of 1600 lines, 1024 at a time */
        mv_volume_free(T, &v), mv_volume_free(&ctx, &dst);
    }
    {
        const size_t epi[5] = {200, 64, 40, 1, 1};
        const mv_epi_timing t = {50, 300, 50, 0, 2, 0};
        mv_volume v, dst = {0};
        double said = 8.0 * 200 * 64 * 40 + 8.0 * 128 * 64 * 40 + 24.0 * 200 * 128 + 16.0 * 128 * 128, took;
        noise(&v, MEDVOL_C64, epi);
        t_peak();
        CHECK_OK(mv_epi_ramp(&ctx, &dst, &v, 128, &t));
        took = (double)t_peak();
        CHECK(took > 0.8 * said && took < 1.1 * said);
        mv_volume_free(T, &v), mv_volume_free(&ctx, &dst);
    }
    mv_ctx_free(&ctx);
    CHECK(t_weight() == 0);
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
    {"phantom_quadrature", test_phantom_quadrature, 0},
    {"phantom_bessel", test_phantom_bessel, 0},
    {"phantom_image", test_phantom_image, 0},
    {"phantom_head", test_phantom_head, 0},
    {"phantom_bart", T_POSIX(test_phantom_bart), 0},
    {"phantom_errors", test_phantom_errors, 0},
    {"partial", test_partial, 0},
    {"partial_bart", T_POSIX(test_partial_bart), 0},
    {"partial_errors", test_partial_errors, 0},
    {"epi", test_epi, 0},
    {"epi_errors", test_epi_errors, 0},
    {"ramp", test_ramp, 0},
    {"ramp_errors", test_ramp_errors, 0},
    {"unring", test_unring, 0},
    {"unring_disc", test_unring_disc, 0},
    {"unring_places", test_unring_places, 0},
    {"unring_errors", test_unring_errors, 0},
    {"unring_volume", test_unring_volume, 0},
    {"memory", test_memory, T_ONCE},
    {NULL, NULL, 0},
};
