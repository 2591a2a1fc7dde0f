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
/* CASES */
const t_case tests_kspace[] = {
    {"window", test_window, 0},
    {"window_defaults", test_window_defaults, 0},
    {"window_errors", test_window_errors, 0},
    {"resize", test_resize, 0},
    {NULL, NULL, 0},
};
