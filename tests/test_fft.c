/* test_fft.c - transforms of every length to 512 and of random shapes, types, strides, orders, zero-filled
   and cropped, real and back, against the sum of the definition in double; round trips, adjoints, bits,
   errors. */
#include "test.h"

/* ---- the definition ---- */
typedef struct pair {
    double re, im;
} pair;
/* Axis k of x, n-dimensional, replaced by its transform; element by element. */
static void define(pair *x, int nd, const size_t *dim, int k, int inverse, int centred) {
    size_t n = dim[k], inner = 1, outer = 1, c = centred ? n / 2 : 0, i, f, r, e, step;
    pair *root = (pair *)malloc(2 * n * sizeof *root), *line = root + n, *p;
    int d;
    if (!CHECK(root)) return;
    for (d = 0; d < k; d++) inner *= dim[d];
    for (d = k + 1; d < nd; d++) outer *= dim[d];
    for (f = 0; f < n; f++) {
        double a = 6.283185307179586477 * (double)f / (double)n;
        root[f].re = cos(a);
        root[f].im = inverse ? sin(a) : -sin(a);
    }
    for (i = 0; i < inner * outer; i++) {
        p = x + i / inner * n * inner + i % inner;
        for (f = 0; f < n; f++) {
            pair sum = {0, 0};
            step = (f + n - c) % n;
            e = step * ((n - c) % n) % n;
            for (r = 0; r < n; r++) {
                const pair v = p[r * inner];
                sum.re += v.re * root[e].re - v.im * root[e].im;
                sum.im += v.re * root[e].im + v.im * root[e].re;
                e += step;
                if (e >= n) e -= n;
            }
            line[f] = sum;
        }
        for (f = 0; f < n; f++) p[f * inner] = line[f];
    }
    free(root);
}
static pair get(const void *p, int f64, int real, size_t at) {
    pair v = {0, 0};
    const double *d = (const double *)p;
    const float *f = (const float *)p;
    if (real) v.re = f64 ? d[at] : (double)f[at];
    else {
        v.re = f64 ? d[2 * at] : (double)f[2 * at];
        v.im = f64 ? d[2 * at + 1] : (double)f[2 * at + 1];
    }
    return v;
}
static void put(void *p, int f64, int real, size_t at, pair v) {
    double *d = (double *)p;
    float *f = (float *)p;
    if (real && f64) d[at] = v.re;
    else if (real) f[at] = (float)v.re;
    else if (f64) d[2 * at] = v.re, d[2 * at + 1] = v.im;
    else f[2 * at] = (float)v.re, f[2 * at + 1] = (float)v.im;
}
/* Element i of a side: where it lies in memory and in the whole array of the definition. */
typedef struct side {
    size_t dim[7], count, room;
    ptrdiff_t stride[7];
    int real;
} side;
static void place(const side *s, const mv_fft_desc *d, size_t i, size_t *at, size_t *whole) {
    size_t weight = 1, k;
    *at = *whole = 0;
    for (k = 0; k < (size_t)d->ndim; k++) {
        const size_t j = i % s->dim[k], n = s->real || s->dim[k] <= d->dim[k] ? d->dim[k] : s->dim[k];
        const int centred = (d->flags & MEDVOL_FFT_CENTERED) && (d->axes >> k & 1u);
        i /= s->dim[k];
        *at += j * (size_t)s->stride[k];
        *whole += weight * (j + (centred ? n / 2 - s->dim[k] / 2 : 0));
        weight *= d->dim[k];
    }
}
static void side_init(side *s, int nd, const size_t *dim, const ptrdiff_t *stride) {
    int k, given = 0;
    size_t n = 1;
    for (k = 0; k < nd; k++) given |= stride[k] != 0;
    for (k = 0; k < 7; k++) s->dim[k] = 1, s->stride[k] = 0;
    for (s->count = s->room = 1, k = 0; k < nd; k++) {
        s->dim[k] = dim[k];
        s->stride[k] = given ? stride[k] : (ptrdiff_t)n;
        n *= dim[k];
        s->count *= dim[k];
        s->room += (dim[k] - 1) * (size_t)s->stride[k];
    }
}
/* smooth lengths within 3e-7 of the definition by root mean square, others within 6e-7 */
static double allowed(const mv_fft_desc *d) {
    double tol = d->dtype == MEDVOL_C128 ? 4e-15 : 3e-7; /* the sum in double is no better */
    int k;
    for (k = 0; k < d->ndim; k++)
        if ((d->axes >> k & 1u) && mv_fft_good_size(d->dim[k], 0) != d->dim[k]) return 2 * tol;
    return tol;
}
static void compare(const mv_fft_desc *asked, int in_place) {
    mv_fft_plan plan;
    const int f64 = asked->dtype == MEDVOL_C128, nd = asked->ndim;
    const int inverse = asked->flags & MEDVOL_FFT_INVERSE;
    const int real = (asked->flags & MEDVOL_FFT_REAL) != 0;
    const size_t size = f64 ? 8 : 4;
    double wrong = 0, all = 0, scale;
    size_t i, n = 1, at, whole;
    side in, out;
    pair *x;
    void *a, *b;
    int k, low = 0;
    if (!CHECK_OK(mv_fft_plan_init(T, &plan, asked))) return;
    while (!(plan.desc.axes >> low & 1u)) low++;
    side_init(&in, nd, plan.desc.in_dim, plan.desc.in_stride);
    side_init(&out, nd, plan.desc.out_dim, plan.desc.out_stride);
    in.real = real && !inverse;
    out.real = real && inverse;
    for (k = 0; k < nd; k++) n *= plan.desc.dim[k];
    x = (pair *)calloc(n, sizeof *x);
    a = t_guard(in.room * size * (in.real ? 1 : 2));
    b = in_place ? a : t_guard(out.room * size * (out.real ? 1 : 2));
    if (!CHECK(x)) return;
    memset(a, 0, in.room * size * (in.real ? 1 : 2));
    for (i = 0; out.real && i < n; i++) x[i].re = t_uniform(-1, 1); /* the spectrum of a real array */
    for (k = 0; out.real && k < nd; k++)
        if (plan.desc.axes >> k & 1u) define(x, nd, plan.desc.dim, k, 0, 0);
    for (i = 0; i < in.count; i++) {
        pair v;
        place(&in, &plan.desc, i, &at, &whole);
        v = x[whole];
        if (!out.real) v.re = t_uniform(-1, 1), v.im = in.real ? 0 : t_uniform(-1, 1);
        put(a, f64, in.real, at, v);
        if (!out.real) x[whole] = get(a, f64, in.real, at);
    }
    for (scale = plan.desc.scale, k = 0; k < nd; k++) {
        if (!(plan.desc.axes >> k & 1u)) continue;
        define(x, nd, plan.desc.dim, k, inverse, (asked->flags & MEDVOL_FFT_CENTERED) != 0);
        if (asked->flags & MEDVOL_FFT_UNITARY) scale /= sqrt((double)plan.desc.dim[k]);
        if (asked->flags & MEDVOL_FFT_SCALED) scale /= (double)plan.desc.dim[k];
    }
    CHECK_OK(mv_fft_plan_execute(T, &plan, b, a));
    for (i = 0; i < out.count; i++) {
        pair v;
        place(&out, &plan.desc, i, &at, &whole);
        v = get(b, f64, out.real, at);
        v.re -= scale * x[whole].re;
        v.im -= out.real ? 0 : scale * x[whole].im;
        wrong += v.re * v.re + v.im * v.im;
        all += scale * scale * (x[whole].re * x[whole].re + x[whole].im * x[whole].im);
    }
    if (!CHECK(sqrt(wrong) <= allowed(&plan.desc) * sqrt(all))) {
        fprintf(stderr, "  off by %g: axes %u, flags %u, %s%s:", sqrt(wrong / all), plan.desc.axes,
            asked->flags, f64 ? "f64" : "f32", in_place ? ", in place" : "");
        for (k = 0; k < nd; k++)
            fprintf(stderr, " %zu (%zu to %zu)", plan.desc.dim[k], in.dim[k], out.dim[k]);
        fprintf(stderr, "\n");
    }
    mv_fft_plan_free(T, &plan);
    t_guard_free(a, in.room * size * (in.real ? 1 : 2));
    if (b != a) t_guard_free(b, out.room * size * (out.real ? 1 : 2));
    free(x);
}
static mv_fft_desc line_of(size_t n, unsigned flags, int f64) {
    mv_fft_desc d = {0};
    d.ndim = 1;
    d.dim[0] = n;
    d.flags = flags;
    d.dtype = f64 ? MEDVOL_C128 : MEDVOL_C64;
    return d;
}
static void test_lengths(void) { /* all of them to 512 */
    mv_fft_desc d;
    size_t n;
    for (n = 1; n <= 512; n++) {
        d = line_of(n, n % 4 == 1 ? MEDVOL_FFT_CENTERED | MEDVOL_FFT_UNITARY : n % 4 == 2 ? 1 : 0, 0);
        compare(&d, n % 3 == 0);
        d = line_of(n, n % 2 ? MEDVOL_FFT_CENTERED | MEDVOL_FFT_INVERSE : MEDVOL_FFT_SCALED, 1);
        if (n % 5 == 0 || n < 40) compare(&d, 0);
        d = line_of(n, MEDVOL_FFT_REAL | (n % 2 ? MEDVOL_FFT_INVERSE : 0), n % 3 == 0);
        if (n % 5 == 1 || n < 40) compare(&d, 0);
        d.flags ^= MEDVOL_FFT_INVERSE;
        if (n % 5 == 2 || n < 40) compare(&d, 0);
    }
}
/* lines that are split into rows and columns, and those as long that cannot be */
static void test_long(void) {
    static const size_t length[] = {2048, 2053, 2304, 2500, 3072, 4096, 5120};
    mv_fft_desc d;
    size_t k;
    for (k = 0; k < sizeof length / sizeof *length; k++) {
        d = line_of(length[k], 0, 0);
        compare(&d, 0);
        d.flags = MEDVOL_FFT_CENTERED | MEDVOL_FFT_INVERSE;
        d.ndim = 2;
        d.axes = 1;
        d.dim[1] = 3;
        compare(&d, 1);
        d.flags = MEDVOL_FFT_REAL;
        d.dtype = MEDVOL_C128;
        compare(&d, 0);
    }
}
static void test_shapes(void) {
    int run, k;
    t_seed(11);
    for (run = 0; run < (t_threads == 1 ? 300 : 60); run++) {
        static const size_t most[4] = {700, 70, 24, 11};
        mv_fft_desc d = {0};
        const int in_place = t_bits() % 3 == 0, crop = !in_place && t_bits() % 3 == 0;
        const int turned = in_place ? 0 : (int)(t_bits() % 4);
        int low = 0;
        ptrdiff_t n = 1;
        d.dtype = t_bits() % 2 ? MEDVOL_C128 : MEDVOL_C64;
        d.ndim = 1 + (int)(t_bits() % 4);
        for (k = 0; k < d.ndim; k++) d.dim[k] = 1 + t_bits() % most[d.ndim - 1];
        d.axes = (unsigned)(t_bits() % (1u << d.ndim));
        d.flags = (unsigned)(t_bits() % 8);
        if (!in_place && t_bits() % 3 == 0) d.flags = MEDVOL_FFT_REAL | (d.flags & MEDVOL_FFT_INVERSE);
        if (t_bits() % 2) d.scale = t_uniform(-3, 3);
        while (d.axes && !(d.axes >> low & 1u)) low++;
        for (k = 0; crop && k < d.ndim; k++) {
            if ((d.axes && !(d.axes >> k & 1u)) || ((d.flags & MEDVOL_FFT_REAL) && k == low)) continue;
            d.out_dim[k] = 1 + t_bits() % d.dim[k]; /* what a real array has not: part of its spectrum */
            if (!(d.flags & MEDVOL_FFT_REAL)) d.in_dim[k] = 1 + t_bits() % d.dim[k];
        }
        for (k = d.ndim - 1; turned == 1 && k >= 0; k--) { /* out: last axis fastest; in: with gaps */
            d.out_stride[k] = n;
            n *= (ptrdiff_t)d.dim[k] + 1;
        }
        for (n = 3, k = 0; turned == 1 && k < d.ndim; k++) {
            d.in_stride[k] = n;
            n *= (ptrdiff_t)d.dim[k] + 1;
        }
        for (n = 1, k = 0; turned == 2 && k < d.ndim; k++) {
            d.in_stride[(k + 1) % d.ndim] = n;
            n *= (ptrdiff_t)d.dim[(k + 1) % d.ndim];
        }
        compare(&d, in_place);
    }
}
/* Boxes in a cache, panels, several threads; the bits are those of one thread. */
static void test_volumes(void) {
    const size_t dim[3] = {72, 60, T_SMALL ? 6 : 50};
    static const unsigned flags[4] = {0, MEDVOL_FFT_CENTERED | MEDVOL_FFT_UNITARY, MEDVOL_FFT_REAL,
        MEDVOL_FFT_REAL | MEDVOL_FFT_INVERSE};
    const size_t n = dim[0] * dim[1] * dim[2];
    float *x = (float *)malloc(2 * n * sizeof *x), *y = (float *)calloc(2 * n, sizeof *y);
    float *z = (float *)calloc(2 * n, sizeof *z);
    size_t i;
    int k, f;
    t_seed(5);
    if (!CHECK(x && y && z)) return;
    for (i = 0; i < 2 * n; i++) x[i] = (float)t_uniform(-1, 1);
    for (f = 0; f < 4; f++) {
        mv_fft_desc d = {0};
        mv_fft_plan plan;
        d.ndim = 3;
        d.flags = flags[f];
        for (k = 0; k < 3; k++) d.dim[k] = dim[k];
        CHECK_OK(mv_fft_plan_init(T, &plan, &d));
        CHECK_OK(mv_fft_plan_execute(T, &plan, y, x));
        CHECK_OK(mv_fft_plan_execute(T_NONE, &plan, z, x)); /* without a pool */
        CHECK(memcmp(y, z, 2 * n * sizeof *y) == 0);
        mv_fft_plan_free(T, &plan);
    }
    free(x);
    free(y);
    free(z);
}
static pair inner(const float *a, const float *b, size_t n) { /* sum of a conj(b) */
    pair s = {0, 0};
    size_t i;
    for (i = 0; i < n; i++) {
        s.re += (double)a[2 * i] * (double)b[2 * i] + (double)a[2 * i + 1] * (double)b[2 * i + 1];
        s.im += (double)a[2 * i + 1] * (double)b[2 * i] - (double)a[2 * i] * (double)b[2 * i + 1];
    }
    return s;
}
/* <F x, y> = <x, F* y>, with F* the inverse without scale of the reversed sides; odd, even and prime lengths,
   zero-filled and cropped */
static void test_adjoint(void) {
    static const size_t dim[4][2] = {{61, 48}, {257, 9}, {30, 37}, {64, 128}};
    static float x[20000], y[20000], fx[20000], fy[20000];
    int k, s;
    t_seed(7);
    for (k = 0; k < 8; k++) {
        mv_fft_desc d = {0};
        mv_fft_plan plan;
        pair a, b;
        size_t i, n_in, n_out;
        d.ndim = 2;
        d.flags = k & 1 ? MEDVOL_FFT_CENTERED | MEDVOL_FFT_UNITARY : 0;
        for (s = 0; s < 2; s++) {
            d.dim[s] = dim[k / 2][s];
            d.in_dim[s] = d.dim[s] - (size_t)(k % 3) * 3;
            d.out_dim[s] = d.dim[s] - (size_t)(k % 4);
        }
        n_in = d.in_dim[0] * d.in_dim[1];
        n_out = d.out_dim[0] * d.out_dim[1];
        for (i = 0; i < 2 * n_in; i++) x[i] = (float)t_uniform(-1, 1);
        for (i = 0; i < 2 * n_out; i++) y[i] = (float)t_uniform(-1, 1);
        CHECK_OK(mv_fft_plan_init(T, &plan, &d));
        CHECK_OK(mv_fft_plan_execute(T, &plan, fx, x));
        mv_fft_plan_free(T, &plan);
        d.flags ^= MEDVOL_FFT_INVERSE;
        for (s = 0; s < 2; s++) {
            const size_t t = d.in_dim[s];
            d.in_dim[s] = d.out_dim[s];
            d.out_dim[s] = t;
        }
        CHECK_OK(mv_fft_plan_init(T, &plan, &d));
        CHECK_OK(mv_fft_plan_execute(T, &plan, fy, y));
        mv_fft_plan_free(T, &plan);
        a = inner(fx, y, n_out);
        b = inner(x, fy, n_in);
        CHECK(hypot(a.re - b.re, a.im - b.im) <= 1e-6 * hypot(a.re, a.im) + 1e-4);
    }
}
/* A wave of frequency f is n at f and nothing elsewhere; there and back gives it again. 2^20: rows and
   columns of 1024; 65537: a prime. */
static void test_waves(void) {
    static const size_t length[] = {(size_t)1 << 20, 65537, 1 << 16, 98304};
    size_t k, i, n, f;
    for (k = 0; k < (T_SMALL ? 0 : sizeof length / sizeof *length); k++) {
        mv_fft_desc d = line_of(n = length[k], 0, 0);
        mv_fft_plan plan;
        float *x = (float *)malloc(4 * n * sizeof *x), *y = x + 2 * n;
        double far = 0, back = 0;
        if (!CHECK(x)) return;
        f = n / 3;
        for (i = 0; i < n; i++) {
            const double a = 6.283185307179586477 * (double)(i * f % n) / (double)n;
            x[2 * i] = (float)cos(a);
            x[2 * i + 1] = (float)sin(a);
        }
        CHECK_OK(mv_fft_plan_init(T, &plan, &d));
        CHECK_OK(mv_fft_plan_execute(T, &plan, y, x));
        mv_fft_plan_free(T, &plan);
        CHECK_NEAR(y[2 * f], (double)n, 1e-6 * (double)n);
        y[2 * f] -= (float)n;
        for (i = 0; i < 2 * n; i++) far += (double)y[i] * (double)y[i];
        CHECK(sqrt(far) < 6e-7 * (double)n); /* the wave itself is rounded */
        y[2 * f] += (float)n;
        d.flags = MEDVOL_FFT_INVERSE | MEDVOL_FFT_SCALED;
        CHECK_OK(mv_fft_plan_init(T, &plan, &d));
        CHECK_OK(mv_fft_plan_execute(T, &plan, y, y));
        mv_fft_plan_free(T, &plan);
        for (i = 0; i < 2 * n; i++) back += ((double)y[i] - (double)x[i]) * ((double)y[i] - (double)x[i]);
        CHECK(sqrt(back / (double)n) < 9e-7);
        free(x);
    }
}
static void test_good_size(void) {
    CHECK(mv_fft_good_size(0, 0) == 1 && mv_fft_good_size(1, 0) == 1 && mv_fft_good_size(11, 0) == 12);
    CHECK(mv_fft_good_size(211, 0) == 216 && mv_fft_good_size(250, 0) == 250);
    CHECK(mv_fft_good_size(211, 16) == 224);
    CHECK(mv_fft_good_size(1025, 1) == 1029 && mv_fft_good_size(100, 11) == 110);
    CHECK(mv_fft_good_size((size_t)-1 / 2 + 1, 0) == (size_t)-1 / 2 + 1); /* a power of two, at once */
    CHECK(mv_fft_good_size((size_t)-1, 2) == 0 && mv_fft_good_size((size_t)-1 - 3, 0) == 0);
}
static int stop_at_once(void *user, double done, double total, const char *label) {
    (void)done, (void)total, (void)label;
    return ++*(int *)user > 1;
}
static void test_errors(void) {
    static float x[64 * 64 * 2], y[64 * 64 * 2];
    const mv_fft_desc good = line_of(64, 0, 0);
    mv_fft_desc d;
    mv_fft_plan plan;
#define REFUSED(change, status)                                   \
    do {                                                          \
        d = good;                                                 \
        change;                                                   \
        CHECK_STATUS(mv_fft_plan_init(T, &plan, &d), status);     \
        CHECK(!plan.tables && *mv_message(T));                    \
    } while (0)
    CHECK_STATUS(mv_fft_plan_init(T, NULL, &good), MEDVOL_E_NULL);
    CHECK_STATUS(mv_fft_plan_init(T, &plan, NULL), MEDVOL_E_NULL);
    REFUSED(d.dtype = MEDVOL_F32, MEDVOL_E_DTYPE);
    REFUSED(d.ndim = 0, MEDVOL_E_RANGE);
    REFUSED(d.ndim = 8, MEDVOL_E_RANGE);
    REFUSED(d.axes = 2, MEDVOL_E_RANGE);
    REFUSED(d.flags = 32, MEDVOL_E_RANGE);
    REFUSED(d.flags = MEDVOL_FFT_UNITARY | MEDVOL_FFT_SCALED, MEDVOL_E_RANGE);
    REFUSED(d.flags = MEDVOL_FFT_REAL | MEDVOL_FFT_CENTERED, MEDVOL_E_UNSUPPORTED);
    REFUSED(d.scale = (double)NAN, MEDVOL_E_RANGE);
    REFUSED(d.scale = HUGE_VAL, MEDVOL_E_RANGE);
    REFUSED(d.dim[0] = 0, MEDVOL_E_SIZE);
    REFUSED(d.dim[0] = ((size_t)1 << 28) + 1, MEDVOL_E_SIZE);
    REFUSED(d.in_dim[0] = 65, MEDVOL_E_SHAPE);
    REFUSED(d.out_dim[0] = 65, MEDVOL_E_SHAPE);
    REFUSED((d.flags = MEDVOL_FFT_REAL, d.in_dim[0] = 63), MEDVOL_E_SHAPE);
    REFUSED((d.ndim = 2, d.dim[1] = 8, d.axes = 1, d.in_dim[1] = 7), MEDVOL_E_SHAPE);
    REFUSED(d.in_stride[0] = -1, MEDVOL_E_RANGE);
    REFUSED((d.ndim = 2, d.dim[1] = 8, d.out_stride[0] = 1, d.out_stride[1] = 63), MEDVOL_E_RANGE);
    REFUSED((d.ndim = 2, d.dim[1] = 8, d.in_stride[0] = 1), MEDVOL_E_RANGE);
    REFUSED((d.ndim = 7, d.dim[1] = d.dim[2] = d.dim[3] = d.dim[4] = d.dim[5] = d.dim[6] = (size_t)1 << 28),
        MEDVOL_E_SIZE);
#undef REFUSED
    CHECK_OK(mv_fft_plan_init(T, &plan, &good));
    CHECK_STATUS(mv_fft_plan_execute(T, NULL, y, x), MEDVOL_E_NULL);
    CHECK_STATUS(mv_fft_plan_execute(T, &plan, NULL, x), MEDVOL_E_NULL);
    CHECK_STATUS(mv_fft_plan_execute(T, &plan, y, NULL), MEDVOL_E_NULL);
    CHECK_STATUS(mv_fft_plan_execute(T, &plan, x + 2, x), MEDVOL_E_ALIAS);
    CHECK_STATUS(mv_fft_plan_execute(T, &plan, x, x + 126), MEDVOL_E_ALIAS);
    CHECK_OK(mv_fft_plan_execute(T, &plan, x, x + 128));
    mv_fft_plan_free(T, &plan);
    CHECK_STATUS(mv_fft_plan_execute(T, &plan, y, x), MEDVOL_E_NULL); /* freed: empty */
    mv_fft_plan_free(T, &plan);
    mv_fft_plan_free(T, NULL);
    d = good;
    d.flags = MEDVOL_FFT_REAL;
    CHECK_OK(mv_fft_plan_init(T, &plan, &d));
    CHECK_STATUS(mv_fft_plan_execute(T, &plan, x, x), MEDVOL_E_ALIAS);
    mv_fft_plan_free(T, &plan);
    d = line_of(64, 0, 0);
    d.ndim = 2;
    d.dim[1] = 64;
    d.out_stride[0] = 64, d.out_stride[1] = 1;
    CHECK_OK(mv_fft_plan_init(T, &plan, &d));
    CHECK_STATUS(mv_fft_plan_execute(T, &plan, x, x), MEDVOL_E_ALIAS); /* not from one order to another */
    mv_fft_plan_free(T, &plan);
}
static void test_cancel(void) {
    const size_t n = 128, all = 2 * n * n * n;
    mv_fft_desc d = {0};
    mv_fft_plan plan;
    float *x = T_SMALL ? NULL : (float *)calloc(all, sizeof *x);
    int calls = 0;
    if (T_SMALL || !CHECK(x)) return;
    d.ndim = 3;
    d.dim[0] = d.dim[1] = d.dim[2] = n;
    CHECK_OK(mv_fft_plan_init(T, &plan, &d));
    T->desc.progress = stop_at_once;
    T->desc.progress_user = &calls;
    CHECK_STATUS(mv_fft_plan_execute(T, &plan, x, x), MEDVOL_E_CANCELLED);
    T->desc.progress = NULL;
    CHECK(calls == 2);
    mv_fft_plan_free(T, &plan);
    free(x);
}
static void test_nan(void) { /* spreads over its line and no further */
    float x[2 * 24 * 3] = {0}, y[2 * 24 * 3];
    mv_fft_desc d = line_of(24, 0, 0);
    mv_fft_plan plan;
    size_t i;
    d.ndim = 2;
    d.dim[1] = 3;
    d.axes = 1;
    x[2 * (24 + 5)] = (float)NAN;
    CHECK_OK(mv_fft_plan_init(T, &plan, &d));
    CHECK_OK(mv_fft_plan_execute(T, &plan, y, x));
    for (i = 0; i < 24 * 3; i++) CHECK((y[2 * i] != y[2 * i]) == (i / 24 == 1));
    mv_fft_plan_free(T, &plan);
}

const t_case tests_fft[] = {
    {"lengths", test_lengths, 0},
    {"long", test_long, 0},
    {"shapes", test_shapes, 0},
    {"volumes", test_volumes, 0},
    {"adjoint", test_adjoint, 0},
    {"waves", test_waves, 0},
    {"good_size", test_good_size, T_ONCE},
    {"errors", test_errors, T_ONCE},
    {"cancel", test_cancel, 0},
    {"nan", test_nan, 0},
    {NULL, NULL, 0},
};
