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
/* What lies between the elements of a side is as it was. */
enum { T_GAP = 0x5a };
static void gaps(const side *s, const mv_fft_desc *d, const void *p, size_t bytes) {
    unsigned char *mine = (unsigned char *)calloc(s->room, 1);
    size_t i, k, at, whole, touched = 0;
    if (!CHECK(mine)) return;
    for (i = 0; i < s->count; i++) {
        place(s, d, i, &at, &whole);
        mine[at] = 1;
    }
    for (i = 0; i < s->room; i++)
        for (k = 0; !mine[i] && k < bytes; k++) touched += ((const unsigned char *)p)[i * bytes + k] != T_GAP;
    CHECK(touched == 0);
    free(mine);
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
    if (in_place && in.room < out.room) in.room = out.room;
    for (k = 0; k < nd; k++) n *= plan.desc.dim[k];
    x = (pair *)calloc(n, sizeof *x);
    a = t_guard(in.room * size * (in.real ? 1 : 2));
    b = in_place ? a : t_guard(out.room * size * (out.real ? 1 : 2));
    if (!CHECK(x)) return;
    memset(b, T_GAP, out.room * size * (out.real ? 1 : 2));
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
    if (!in_place) gaps(&out, &plan.desc, b, size * (out.real ? 1 : 2));
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
/* long lines: by themselves, and those that cannot be */
static void test_long(void) {
    static const size_t length[] = {1344, 2048, 2053, 2304, 2500, 3072, 4096, 5120};
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
/* Lines of whole vectors, three of them: both ways, centred or not, scaled; in turn in place. */
static void test_vectors(void) {
    static const unsigned flags[4] = {MEDVOL_FFT_SCALED, MEDVOL_FFT_INVERSE, MEDVOL_FFT_CENTERED,
        MEDVOL_FFT_CENTERED | MEDVOL_FFT_INVERSE | MEDVOL_FFT_UNITARY};
    size_t n;
    int k;
    for (n = 32; n <= (T_SMALL ? 256 : 1024); n += n < 512 ? 16 : 128)
        for (k = 0; k < 4; k++) {
            mv_fft_desc d = line_of(n, flags[k], 0);
            d.ndim = 2;
            d.axes = 1;
            d.dim[1] = 3;
            d.scale = k % 2 ? 0.0 : -2.5;
            compare(&d, (n / 16 + (size_t)k) % 3 == 0);
        }
}
/* Results that go past the cache are those that do not: a line among many, and by itself. */
static void test_past_cache(void) {
    static const size_t length[] = {128, 256, 320, 2048}; /* by themselves at every level */
    size_t i, k;
    for (i = 0; t_threads == 1 && i < (T_SMALL ? 0 : 2 * sizeof length / sizeof *length); i++) {
        const size_t n = length[i / 2], lines = ((size_t)9 << 17) / n; /* 9 MiB */
        mv_fft_desc d = line_of(n, i % 2 ? MEDVOL_FFT_INVERSE | MEDVOL_FFT_CENTERED : MEDVOL_FFT_UNITARY, 0);
        mv_fft_plan many, one;
        mv_volume all = {0}, in = {0};
        float *row = (float *)malloc(8 * n), *p;
        const size_t dim[2] = {n, lines};
        size_t wrong = 0;
        CHECK_OK(mv_fft_plan_init(T, &one, &d));
        d.ndim = 2;
        d.axes = 1;
        d.dim[1] = lines;
        CHECK_OK(mv_fft_plan_init(T, &many, &d));
        CHECK_OK(mv_volume_alloc(T, &in, MEDVOL_C64, 2, dim));
        CHECK_OK(mv_volume_alloc(T, &all, MEDVOL_C64, 2, dim));
        if (!CHECK(row && in.data && all.data)) return;
        for (p = (float *)in.data, k = 0; k < 2 * n * lines; k++) p[k] = (float)t_uniform(-1, 1);
        CHECK_OK(mv_fft_plan_execute(T, &many, all.data, in.data));
        for (k = 0; k < lines; k += 97) {
            CHECK_OK(mv_fft_plan_execute(T, &one, row, p + 2 * n * k));
            wrong += memcmp(row, (float *)all.data + 2 * n * k, 8 * n) != 0;
        }
        CHECK(wrong == 0);
        free(row);
        mv_volume_free(T, &in);
        mv_volume_free(T, &all);
        mv_fft_plan_free(T, &many);
        mv_fft_plan_free(T, &one);
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
/* A plan of one level serves the others. */
static void test_levels(void) {
    static const size_t length[] = {128, 256, 272, 336, 2048, 16384};
    size_t k, i;
    int level, f64;
    for (k = 0; k < sizeof length / sizeof *length - (T_SMALL ? 1 : 0); k++)
        for (f64 = 0; f64 < 2; f64++) {
            const size_t n = length[k], all = n * (f64 ? 4 : 2);
            mv_fft_desc d = line_of(n, MEDVOL_FFT_UNITARY | (n % 32 ? 0 : MEDVOL_FFT_CENTERED), f64);
            mv_fft_plan plan;
            float *x = (float *)malloc(3 * all * sizeof *x), *y = x + all, *z = y + all;
            double wrong = 0;
            if (!CHECK(x)) return;
            for (i = 0; i < 2 * n; i++)
                if (f64) ((double *)x)[i] = t_uniform(-1, 1);
                else x[i] = (float)t_uniform(-1, 1);
            CHECK_OK(mv_fft_plan_init(T, &plan, &d));
            CHECK_OK(mv_fft_plan_execute(T, &plan, y, x));
            for (level = 1; level <= 4; level++) {
                mv_level_force(level);
                CHECK_OK(mv_fft_plan_execute(T, &plan, z, x));
                for (i = 0; i < 2 * n; i++)
                    wrong = fmax(wrong, f64 ? fabs(((double *)y)[i] - ((double *)z)[i]) : fabs(y[i] - z[i]));
            }
            mv_level_force(t_level);
            CHECK(wrong < (f64 ? 1e-14 : 5e-6));
            mv_fft_plan_free(T, &plan);
            free(x);
        }
}
/* Axes of one element have no stride that counts. */
static void test_ones(void) {
    mv_fft_desc d = line_of(8, 0, 0);
    d.ndim = 2;
    d.dim[1] = 8, d.in_dim[1] = 1;
    d.in_stride[0] = d.out_stride[0] = 1, d.in_stride[1] = d.out_stride[1] = 20;
    compare(&d, 1);
    d = line_of(8, 0, 0);
    d.ndim = 2;
    d.dim[1] = 1, d.in_dim[0] = 4;
    compare(&d, 1);
    d = line_of(8, 0, 1);
    d.ndim = 3;
    d.dim[1] = 1, d.dim[2] = 8;
    d.in_stride[0] = 1, d.in_stride[1] = -5, d.in_stride[2] = 8;
    compare(&d, 1);
    d = line_of(1, 0, 0);
    d.ndim = 3;
    d.dim[1] = d.dim[2] = 1;
    compare(&d, 1);
    d.dim[1] = 7;
    compare(&d, 1);
}
/* Back to reals, the steps in between lying in the destination: axes and strides of all kinds, with gaps and
   crops where they may be */
static void test_halves(void) {
    static const struct halves {
        int ndim;
        unsigned axes;
        size_t dim[4], out[4];
        int order[4]; /* of dst's strides; all 0: contiguous */
    } kind[] = {
        {3, 7, {66, 30, 68}, {0}, {0}},       {3, 7, {67, 36, 56}, {0, 0, 41}, {0}},
        {2, 3, {515, 256}, {0}, {0}},         {3, 3, {160, 20, 42}, {0, 18}, {0}},
        {3, 7, {60, 50, 45}, {0}, {0, 2, 1}}, {4, 15, {34, 16, 12, 20}, {0}, {0, 3, 1, 2}},
        {3, 5, {98, 33, 42}, {0}, {0, 1, 2}}, {3, 6, {5, 128, 204}, {0}, {1, 0, 2}},
        {4, 9, {48, 7, 5, 76}, {0}, {0}},     {3, 7, {32, 60, 65}, {0, 41}, {0}},
        {3, 7, {130, 36, 60}, {0}, {0}},
    };
    size_t i, n;
    int k;
    for (i = 0; t_threads == 1 && i < (T_SMALL ? 0 : sizeof kind / sizeof *kind); i++) {
        const struct halves *h = &kind[i];
        mv_fft_desc d = {0};
        d.ndim = h->ndim;
        d.axes = h->axes;
        d.flags = MEDVOL_FFT_REAL | MEDVOL_FFT_INVERSE | MEDVOL_FFT_UNITARY;
        d.dtype = MEDVOL_C128;
        for (k = 0; k < h->ndim; k++) d.dim[k] = h->dim[k], d.out_dim[k] = h->out[k];
        for (n = 1, k = 0; h->order[1] + h->order[0] > 0 && k < h->ndim; k++) {
            d.out_stride[h->order[k]] = (ptrdiff_t)n;
            n *= h->dim[h->order[k]] + (size_t)k;
        }
        compare(&d, 0);
        d.dtype = MEDVOL_C64;
        compare(&d, 0);
    }
}
/* The same of fewer frequencies than the array has: as if the others were there and zero. */
static void test_halves_filled(void) {
    static const struct few {
        size_t dim[3], in[3];
    } kind[] = {{{66, 40, 60}, {0, 29, 0}}, {{66, 40, 60}, {0, 0, 17}}, {{67, 36, 64}, {0, 11, 40}},
        {{130, 48, 48}, {0, 48, 1}}};
    size_t i, y, z, rows, f64;
    int k;
    for (i = 0; i < (T_SMALL ? 0 : 2 * sizeof kind / sizeof *kind); i++) {
        const struct few *q = &kind[i / 2];
        const size_t half = q->dim[0] / 2 + 1, n = q->dim[0] * q->dim[1] * q->dim[2];
        mv_fft_desc d = {0};
        mv_fft_plan plan, whole;
        double off = 0, sum = 0;
        unsigned char *few, *all, *a, *b;
        f64 = i % 2;
        d.ndim = 3;
        d.flags = MEDVOL_FFT_REAL | MEDVOL_FFT_INVERSE | MEDVOL_FFT_UNITARY;
        d.dtype = f64 ? MEDVOL_C128 : MEDVOL_C64;
        for (k = 0; k < 3; k++) d.dim[k] = q->dim[k];
        CHECK_OK(mv_fft_plan_init(T, &whole, &d));
        for (k = 0; k < 3; k++) d.in_dim[k] = q->in[k];
        CHECK_OK(mv_fft_plan_init(T, &plan, &d));
        rows = plan.desc.in_dim[1] * plan.desc.in_dim[2];
        few = (unsigned char *)malloc(plan.desc.in_dim[0] * rows * 16);
        all = (unsigned char *)calloc(half * q->dim[1] * q->dim[2], 16);
        a = (unsigned char *)malloc(n * 8);
        b = (unsigned char *)malloc(n * 8);
        if (!CHECK(few && all && a && b)) return;
        t_seed(29);
        for (y = 0; y < plan.desc.in_dim[0] * rows; y++)
            put(few, (int)f64, 0, y, (pair){t_uniform(-1, 1), t_uniform(-1, 1)});
        for (z = 0; z < plan.desc.in_dim[2]; z++)
            for (y = 0; y < plan.desc.in_dim[1]; y++)
                memcpy(all + (f64 ? 16 : 8) * half * (y + q->dim[1] * z),
                    few + (f64 ? 16 : 8) * plan.desc.in_dim[0] * (y + plan.desc.in_dim[1] * z),
                    (f64 ? 16 : 8) * plan.desc.in_dim[0]);
        CHECK_OK(mv_fft_plan_execute(T, &plan, a, few));
        CHECK_OK(mv_fft_plan_execute(T, &whole, b, all));
        for (y = 0; y < n; y++) {
            const double is = get(a, (int)f64, 1, y).re, should = get(b, (int)f64, 1, y).re;
            off += (is - should) * (is - should);
            sum += should * should;
        }
        CHECK(sum > 0 && sqrt(off) <= allowed(&plan.desc) * sqrt(sum));
        mv_fft_plan_free(T, &plan);
        mv_fft_plan_free(T, &whole);
        free(few);
        free(all);
        free(a);
        free(b);
    }
}
/* Boxes in a cache, panels, several threads; the bits are those of one thread. */
static void test_volumes(void) {
    const size_t dim[3] = {96, 60, T_SMALL ? 6 : 50}; /* half spectra of more than a box */
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
    static const size_t length[] = {(size_t)1 << 20, 65537, 1 << 16, 98304, 16384, 15360};
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

/* ---- calls on volumes ---- */
static int is_complex(mv_dtype t) { return t == MEDVOL_C64 || t == MEDVOL_C128; }
/* voxel i (x fastest) of a volume, strided, with its scaling */
static pair voxel(const mv_volume *v, size_t i) {
    const int scaled = v->slope != 0.0, both = is_complex(v->dtype);
    const double slope = scaled ? v->slope : 1.0, inter = scaled ? v->inter : 0.0;
    pair p = {0, 0};
    size_t at = 0;
    int k;
    for (k = 0; k < v->ndim; k++) {
        at += i % v->dim[k] * (size_t)v->stride[k];
        i /= v->dim[k];
    }
    if (both) p = get(v->data, v->dtype == MEDVOL_C128, 0, at);
    else p.re = t_value(v->data, v->dtype, at);
    p.re = p.re * slope + inter;
    if (both) p.im = p.im * slope + inter;
    return p;
}
/* a volume of random voxels, part of a larger one */
static void some(mv_volume *v, mv_volume *whole, mv_dtype t, int nd, const size_t *dim) {
    size_t larger[7], start[7] = {1, 0, 1, 0, 0, 0, 0}, i, n;
    int k;
    memset(whole, 0, sizeof *whole);
    for (k = 0; k < nd; k++) larger[k] = dim[k] + start[k] + (size_t)(k % 2);
    CHECK_OK(mv_volume_alloc(T, whole, t, nd, larger));
    n = mv_volume_count(whole);
    for (i = 0; i < n * mv_dtype_size(t); i++)
        ((unsigned char *)whole->data)[i] = (unsigned char)(t_bits() % 100);
    for (i = 0; i < n * (is_complex(t) ? 2 : 1); i++)
        if (t == MEDVOL_F32 || t == MEDVOL_C64) ((float *)whole->data)[i] = (float)t_uniform(-1, 1);
        else if (t == MEDVOL_F64 || t == MEDVOL_C128) ((double *)whole->data)[i] = t_uniform(-1, 1);
    for (i = 0; i < 12; i++) whole->affine[i] = t_uniform(-2, 2);
    if (t_bits() % 2) whole->slope = 0.5, whole->inter = -1.0;
    CHECK_OK(mv_volume_view(T, v, whole, start, dim));
}
static double world_gap(const mv_volume *a, const double *p, const mv_volume *b, const double *q) {
    double u[3], w[3];
    CHECK_OK(mv_voxel_to_world(a, u, p));
    CHECK_OK(mv_voxel_to_world(b, w, q));
    return fabs(u[0] - w[0]) + fabs(u[1] - w[1]) + fabs(u[2] - w[2]);
}
/* mv_fft of src against the definition */
static void compare_fft(const mv_volume *src, const mv_fft_opt *o) {
    const unsigned axes = o->axes ? o->axes : 7u & ((1u << src->ndim) - 1);
    const int centred = (o->flags & MEDVOL_FFT_CENTERED) != 0, back = (o->flags & MEDVOL_FFT_INVERSE) != 0;
    const int wide = src->dtype == MEDVOL_F64 || src->dtype == MEDVOL_C128 || src->dtype == MEDVOL_I32;
    mv_volume dst = {0};
    size_t dim[7], i, n = 1;
    double scale = o->scale != 0.0 ? o->scale : 1.0, off = 0, size = 0, at[3] = {0, 0, 0}, to[3] = {0, 0, 0};
    pair *want;
    int k;
    if (!CHECK_OK(mv_fft(T, &dst, src, o))) return;
    CHECK(dst.dtype == (wide ? MEDVOL_C128 : MEDVOL_C64) && dst.ndim == src->ndim);
    for (k = 0; k < src->ndim; k++) {
        n *= dim[k] = o->shape[k] ? o->shape[k] : src->dim[k];
        CHECK(dst.dim[k] == dim[k]);
        if (axes >> k & 1u && o->flags & MEDVOL_FFT_UNITARY) scale /= sqrt((double)dim[k]);
        if (axes >> k & 1u && o->flags & MEDVOL_FFT_SCALED) scale /= (double)dim[k];
    }
    want = (pair *)calloc(n, sizeof *want);
    if (!CHECK(want)) return;
    for (i = 0; i < n; i++) { /* src, cropped and with zeros */
        size_t rest = i, from = 0, pitch = 1;
        int inside = 1;
        for (k = 0; k < src->ndim; k++) {
            const size_t m = src->dim[k], shift = centred ? dim[k] / 2 : 0;
            const size_t s = rest % dim[k] + (centred ? m / 2 : 0);
            inside = inside && s >= shift && s - shift < m;
            if (inside) from += (s - shift) * pitch;
            pitch *= m;
            rest /= dim[k];
        }
        if (inside) want[i] = voxel(src, from);
    }
    for (k = 0; k < src->ndim; k++)
        if (axes >> k & 1u) define(want, src->ndim, dim, k, back, centred);
    for (i = 0; i < n; i++) {
        const pair v = voxel(&dst, i);
        off += hypot(v.re - scale * want[i].re, v.im - scale * want[i].im);
        size += hypot(scale * want[i].re, scale * want[i].im);
    }
    CHECK(off <= (wide ? 1e-13 : 1e-6) * size);
    for (k = 0; k < 3 && k < src->ndim; k++) { /* the voxel that stays */
        at[k] = centred ? (double)(src->dim[k] / 2) : 0.0;
        to[k] = centred ? (double)(dim[k] / 2) : 0.0;
    }
    CHECK(world_gap(src, at, &dst, to) < 1e-9);
    for (k = 0; k < 3 && k < src->ndim; k++) { /* back: the field of view; forward: the voxel */
        at[k] += back ? (double)src->dim[k] : 3.0;
        to[k] += back ? (double)dim[k] : 3.0;
        CHECK(world_gap(src, at, &dst, to) < 1e-9);
    }
    free(want);
    mv_volume_free(T, &dst);
}
static void test_fft_calls(void) {
    static const mv_dtype types[] = {MEDVOL_C64, MEDVOL_C128, MEDVOL_F32, MEDVOL_F64, MEDVOL_U8, MEDVOL_I16,
                                     MEDVOL_I32, MEDVOL_BF16};
    int i, k;
    for (i = 0; i < 48; i++) {
        const mv_dtype t = types[i % 8];
        const int nd = 1 + (int)(t_bits() % 4);
        size_t dim[7];
        mv_volume v, whole;
        mv_fft_opt o = {0};
        for (k = 0; k < nd; k++) dim[k] = 1 + (size_t)(t_bits() % 9);
        some(&v, &whole, t, nd, dim);
        o.axes = (unsigned)(t_bits() % (1u << nd));
        o.flags = (unsigned)(t_bits() % 4);
        if (i % 3) o.flags |= i % 3 == 1 ? (unsigned)MEDVOL_FFT_UNITARY : (unsigned)MEDVOL_FFT_SCALED;
        for (k = 0; k < nd && k < 3; k++)
            if (t_bits() % 2 && (!o.axes || o.axes >> k & 1u)) o.shape[k] = 1 + (size_t)(t_bits() % 12);
        if (i % 5 == 0) o.scale = -0.25;
        compare_fft(&v, &o);
        mv_volume_free(T, &whole);
    }
}
/* Half the frequencies are those of all, the way back gives the volume; in place, too. */
static void test_rfft_calls(void) {
    static const mv_dtype types[] = {MEDVOL_F32, MEDVOL_F64, MEDVOL_I16};
    int i, k;
    for (i = 0; i < 24; i++) {
        const mv_dtype t = types[i % 3];
        const double tol = t == MEDVOL_F64 ? 1e-13 : 2e-5;
        size_t dim[3], c, n;
        mv_volume v, whole, all = {0}, half = {0}, back = {0};
        mv_fft_opt o = {0}, b = {0};
        int low = 0, scaled;
        for (k = 0; k < 3; k++) dim[k] = 1 + (size_t)(t_bits() % 8);
        some(&v, &whole, t, 3, dim);
        scaled = v.slope != 0.0;
        o.axes = 1 + (unsigned)(t_bits() % 7);
        while (!(o.axes >> low & 1u)) low++;
        for (k = low; k < 3; k++)
            if (t_bits() % 2 && o.axes >> k & 1u) o.shape[k] = dim[k] + (size_t)(t_bits() % 4);
        CHECK_OK(mv_fft(T, &all, &v, &o));
        CHECK_OK(mv_rfft(T, &half, &v, &o));
        n = mv_volume_count(&half);
        for (c = 0; c < n; c++) {
            size_t rest = c, at = 0, pitch = 1;
            pair p = voxel(&half, c), q;
            for (k = 0; k < 3; k++) {
                at += rest % half.dim[k] * pitch;
                rest /= half.dim[k];
                pitch *= all.dim[k];
            }
            q = voxel(&all, at);
            CHECK(hypot(p.re - q.re, p.im - q.im) <= tol * (t == MEDVOL_I16 ? 1e5 : 1.0));
        }
        b.axes = o.axes;
        b.flags = MEDVOL_FFT_SCALED;
        b.shape[low] = all.dim[low];
        CHECK_OK(mv_irfft(T, &back, &half, &b));
        for (c = 0; c < mv_volume_count(&v); c++) {
            size_t rest = c, at = 0, pitch = 1;
            for (k = 0; k < 3; k++) {
                at += rest % dim[k] * pitch;
                rest /= dim[k];
                pitch *= back.dim[k];
            }
            CHECK_NEAR(voxel(&back, at).re, voxel(&v, c).re, tol * (t == MEDVOL_I16 ? 1e5 : 10.0));
        }
        for (k = 0; k < 12; k++) CHECK_NEAR(back.affine[k], v.affine[k], 1e-12);
        CHECK(scaled || voxel(&v, 0).re - t_value(v.data, t, 0) == 0.0);
        mv_volume_free(T, &back);
        CHECK_OK(mv_irfft(T, &half, &half, &b)); /* dst == src */
        CHECK(half.dtype == (t == MEDVOL_F64 ? MEDVOL_F64 : MEDVOL_F32) && half.dim[low] == all.dim[low]);
        mv_volume_free(T, &half);
        mv_volume_free(T, &all);
        mv_volume_free(T, &whole);
    }
}
/* k-space filled up with zeros is the image on a finer grid: a blob stays where it is in the world. */
static void test_fft_geometry(void) {
    const size_t dim[3] = {24, 31, 20};
    const double place[3] = {10.3, 17.6, 8.9};
    mv_volume v = {0}, k = {0}, fine = {0};
    mv_fft_opt o = {0};
    double where[3], sum = 0, mean[3] = {0, 0, 0};
    size_t i;
    int d;
    CHECK_OK(mv_volume_alloc(T, &v, MEDVOL_F32, 3, dim));
    for (i = 0; i < 12; i++) v.affine[i] = t_uniform(-2, 2);
    CHECK_OK(mv_voxel_to_world(&v, where, place));
    for (i = 0; i < mv_volume_count(&v); i++) {
        const double x = (double)(i % 24) - place[0], y = (double)(i / 24 % 31) - place[1];
        const double z = (double)(i / 744) - place[2];
        ((float *)v.data)[i] = (float)exp(-0.5 * (x * x + y * y + z * z) / 2.25);
    }
    o.flags = MEDVOL_FFT_CENTERED | MEDVOL_FFT_UNITARY;
    CHECK_OK(mv_fft(T, &k, &v, &o));
    o.flags |= MEDVOL_FFT_INVERSE;
    o.shape[0] = 45, o.shape[1] = 40, o.shape[2] = 32;
    CHECK_OK(mv_fft(T, &fine, &k, &o));
    for (i = 0; i < mv_volume_count(&fine); i++) {
        const double at[3] = {(double)(i % 45), (double)(i / 45 % 40), (double)(i / 1800)};
        double w[3], m = voxel(&fine, i).re;
        m = m > 0.1 ? m : 0.0;
        CHECK_OK(mv_voxel_to_world(&fine, w, at));
        for (d = 0; d < 3; d++) mean[d] += m * w[d];
        sum += m;
    }
    for (d = 0; d < 3; d++) CHECK_NEAR(mean[d] / sum, where[d], 0.05);
    mv_volume_free(T, &v);
    mv_volume_free(T, &k);
    mv_volume_free(T, &fine);
}
/* A context keeps plans: the second call of a kind asks for less memory and gives the same bits. */
static void test_fft_kept(void) {
    mv_ctx other = T_EMPTY;
    size_t i, n, before;
    other.desc.mem_alloc = T->desc.mem_alloc, other.desc.mem_free = T->desc.mem_free;
    for (i = 0; i < 24; i++) {
        const size_t dim[2] = {37, 3 + i % 12}; /* more of them than are kept */
        mv_volume v = {0}, first = {0}, again = {0};
        CHECK_OK(mv_volume_alloc(T, &v, MEDVOL_C64, 2, dim));
        for (n = 0; n < 74 * dim[1]; n++) ((float *)v.data)[n] = (float)t_uniform(-1, 1);
        CHECK_OK(mv_fft(T, &first, &v, NULL));
        before = t_allocations();
        CHECK_OK(mv_fft(T, &again, &v, NULL));
        CHECK(t_allocations() - before == 2); /* the result and the scratch */
        CHECK(memcmp(first.data, again.data, 74 * dim[1] * sizeof(float)) == 0);
        mv_volume_free(T, &again);
        before = t_allocations();
        CHECK_OK(mv_fft(&other, &again, &v, NULL)); /* never freed, so it keeps nothing */
        CHECK(t_allocations() - before > 2);
        mv_volume_free(&other, &again);
        mv_volume_free(T, &v);
        mv_volume_free(T, &first);
    }
}
/* The caller's scratch, at its last byte and wherever it begins, gives the same bits. */
static void test_fft_scratch(void) {
    static const size_t shapes[][3] = {{12, 9, 5}, {37, 4, 3}, {4096, 1, 1}, {31, 1, 1}};
    size_t i, k, off;
    CHECK(mv_fft_plan_scratch_size(NULL) == 0);
    for (i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        const size_t n = shapes[i][0] * shapes[i][1] * shapes[i][2];
        float *x = (float *)malloc(6 * n * sizeof *x), *y = x + 2 * n, *z = x + 4 * n;
        mv_fft_desc d = {0};
        mv_fft_plan plan;
        size_t bytes;
        if (!CHECK(x)) return;
        for (k = 0; k < 2 * n; k++) x[k] = (float)t_uniform(-1, 1);
        d.ndim = 3;
        for (k = 0; k < 3; k++) d.dim[k] = shapes[i][k];
        CHECK_OK(mv_fft_plan_init(T, &plan, &d));
        CHECK_OK(mv_fft_plan_execute(T, &plan, y, x));
        bytes = mv_fft_plan_scratch_size(&plan);
        for (off = 0; off < 3; off++) {
            unsigned char *s = (unsigned char *)t_guard(bytes + off);
            if (!CHECK(s)) return;
            memset(z, 1, 2 * n * sizeof *z);
            CHECK_OK(mv_fft_plan_execute_with(&plan, z, x, s + off));
            CHECK(memcmp(y, z, 2 * n * sizeof *z) == 0);
            t_guard_free(s, bytes + off);
        }
        CHECK(mv_fft_plan_execute_with(&plan, y, x, NULL) == MEDVOL_E_NULL);
        CHECK(mv_fft_plan_execute_with(&plan, x + 2, x, y) == MEDVOL_E_ALIAS);
        mv_fft_plan_free(T, &plan);
        free(x);
    }
}
static void test_fft_call_errors(void) {
    const size_t dim[2] = {6, 5};
    mv_volume v = {0}, r = {0}, dst = {0}, rgb = {0}, other = {0};
    mv_fft_opt o;
#define REFUSED(call, change, from, status)                             \
    do {                                                                \
        memset(&o, 0, sizeof o);                                        \
        change;                                                         \
        CHECK_STATUS(call(T, &dst, from, &o), status);                  \
        CHECK(!dst.data && *mv_message(T));                             \
    } while (0)
    CHECK_OK(mv_volume_alloc(T, &v, MEDVOL_C64, 2, dim));
    CHECK_OK(mv_volume_alloc(T, &r, MEDVOL_F32, 2, dim));
    CHECK_OK(mv_volume_alloc(T, &rgb, MEDVOL_RGB24, 2, dim));
    CHECK_OK(mv_volume_alloc(T, &other, MEDVOL_C128, 2, dim));
    memset(v.data, 0, 240), memset(r.data, 0, 120);
    REFUSED(mv_fft, (void)0, NULL, MEDVOL_E_NULL);
    REFUSED(mv_fft, (void)0, &dst, MEDVOL_E_NULL);
    REFUSED(mv_fft, (void)0, &rgb, MEDVOL_E_DTYPE);
    REFUSED(mv_rfft, (void)0, &v, MEDVOL_E_DTYPE);
    REFUSED(mv_irfft, (void)0, &r, MEDVOL_E_DTYPE);
    REFUSED(mv_fft, o.flags = MEDVOL_FFT_REAL, &v, MEDVOL_E_RANGE);
    REFUSED(mv_fft, o.flags = MEDVOL_FFT_UNITARY | MEDVOL_FFT_SCALED, &v, MEDVOL_E_RANGE);
    REFUSED(mv_rfft, o.flags = MEDVOL_FFT_INVERSE, &r, MEDVOL_E_RANGE);
    REFUSED(mv_rfft, o.flags = MEDVOL_FFT_CENTERED, &r, MEDVOL_E_UNSUPPORTED);
    REFUSED(mv_fft, o.axes = 4, &v, MEDVOL_E_RANGE);
    REFUSED(mv_fft, (o.axes = 1, o.shape[1] = 4), &v, MEDVOL_E_SHAPE);
    REFUSED(mv_irfft, o.shape[0] = 9, &v, MEDVOL_E_SHAPE);
    CHECK_OK(mv_fft(T, &dst, &v, NULL)); /* its plan is kept: none for a scale that is no number */
    mv_volume_free(T, &dst);
    REFUSED(mv_fft, o.scale = (double)NAN, &v, MEDVOL_E_RANGE);
    REFUSED(mv_fft, o.shape[0] = ((size_t)1 << 28) + 1, &v, MEDVOL_E_SIZE);
#undef REFUSED
    CHECK_STATUS(mv_fft(T, NULL, &v, NULL), MEDVOL_E_NULL);
    CHECK_STATUS(mv_fft(T, &other, &v, NULL), MEDVOL_E_DTYPE);
    CHECK_STATUS(mv_rfft(T, &v, &r, NULL), MEDVOL_E_SHAPE);
    mv_volume_free(T, &v);
    mv_volume_free(T, &r);
    mv_volume_free(T, &rgb);
    mv_volume_free(T, &other);
}

/* ---- convolution ---- */
static void compare_convolution(const mv_volume *src, const mv_volume *kernel, int mode, int turned) {
    static const char *const name[2] = {"convolve", "correlate"};
    const int f64 = src->dtype == MEDVOL_F64 || src->dtype == MEDVOL_C128 || kernel->dtype == MEDVOL_F64 ||
        kernel->dtype == MEDVOL_C128 || src->dtype == MEDVOL_I32;
    size_t dim[7] = {1, 1, 1, 1, 1, 1, 1}, shift[7] = {0}, i, j, n = 1, taps = mv_volume_count(kernel);
    double most = 0, sum = 0, at[3], to[3];
    mv_volume out[2] = {{0}, {0}};
    int k, method;
    for (k = 0; k < src->ndim; k++) {
        const size_t m = src->dim[k], kk = k < kernel->ndim ? kernel->dim[k] : 1;
        dim[k] = mode == MEDVOL_CONV_FULL ? m + kk - 1 : mode == MEDVOL_CONV_SAME ? m : m - kk + 1;
        shift[k] = mode == MEDVOL_CONV_FULL ? 0 : mode == MEDVOL_CONV_SAME ? (kk - 1) / 2 : kk - 1;
        n *= dim[k];
        if (k < 3) {
            at[k] = 1.0 + (double)shift[k] - (double)((kk - 1) / 2);
            to[k] = 1.0;
        }
    }
    for (; k < 3; k++) at[k] = to[k] = 0.0;
    for (i = 0; i < mv_volume_count(src); i++) most = fmax(most, hypot(voxel(src, i).re, voxel(src, i).im));
    for (i = 0; i < taps; i++) sum += hypot(voxel(kernel, i).re, voxel(kernel, i).im);
    for (method = MEDVOL_CONV_DIRECT; method <= MEDVOL_CONV_FFT; method++) {
        mv_convolve_opt o;
        mv_volume *v = &out[method - 1];
        o.mode = mode;
        o.method = method;
        if (!CHECK_OK(turned ? mv_correlate(T, v, src, kernel, &o) : mv_convolve(T, v, src, kernel, &o))) {
            fprintf(stderr, "%s: %s\n", name[turned], mv_message(T));
            continue;
        }
        CHECK(mv_volume_count(v) == n && v->ndim == src->ndim);
        CHECK(mv_dtype_size(v->dtype) ==
              (size_t)(f64 ? 8 : 4) * (is_complex(src->dtype) || is_complex(kernel->dtype) ? 2 : 1));
        CHECK(world_gap(src, at, v, to) < 1e-9);
    }
    for (i = 0; i < n; i++) {
        pair want = {0, 0};
        for (j = 0; j < taps; j++) { /* full[f] = sum of src[f - k] kernel[k] */
            size_t rest = i, tap = j, from = 0, pitch = 1;
            int inside = 1;
            pair a, b;
            for (k = 0; k < src->ndim; k++) {
                const size_t kk = k < kernel->ndim ? kernel->dim[k] : 1;
                const size_t t = turned ? kk - 1 - tap % kk : tap % kk;
                const size_t s = rest % dim[k] + shift[k];
                inside = inside && s >= t && s - t < src->dim[k];
                if (inside) from += (s - t) * pitch;
                pitch *= src->dim[k];
                rest /= dim[k];
                tap /= kk;
            }
            if (!inside) continue;
            a = voxel(src, from), b = voxel(kernel, j);
            if (turned) b.im = -b.im;
            want.re += a.re * b.re - a.im * b.im;
            want.im += a.re * b.im + a.im * b.re;
        }
        for (method = 0; method < 2; method++) {
            const pair got = out[method].data ? voxel(&out[method], i) : want;
            const double off = hypot(got.re - want.re, got.im - want.im);
            if (!CHECK(off <= (f64 ? 1e-14 : 1e-6) * most * sum)) i = n - 1;
        }
    }
    mv_volume_free(T, &out[0]);
    mv_volume_free(T, &out[1]);
}
static void test_convolve(void) {
    static const mv_dtype types[] = {MEDVOL_F32, MEDVOL_C64, MEDVOL_I16, MEDVOL_F64, MEDVOL_C128, MEDVOL_U8};
    int i, k;
    for (i = 0; i < 60; i++) {
        const int nd = 1 + (int)(t_bits() % 3), mode = (int)(t_bits() % 3);
        size_t dim[7], taps[7];
        mv_volume v, whole, kernel, room;
        for (k = 0; k < nd; k++) {
            dim[k] = 1 + (size_t)(t_bits() % (nd == 1 ? 300 : 12));
            taps[k] = t_bits() % 3 ? 1 + (size_t)(t_bits() % (nd == 1 ? 40 : 5)) : 1;
            if (mode == MEDVOL_CONV_VALID && taps[k] > dim[k]) taps[k] = dim[k];
        }
        some(&v, &whole, types[i % 6], nd, dim);
        some(&kernel, &room, types[i / 6 % 6], 1 + (int)(t_bits() % (unsigned)nd), taps);
        compare_convolution(&v, &kernel, mode, i % 2);
        mv_volume_free(T, &whole);
        mv_volume_free(T, &room);
    }
}
/* What AUTO takes is one of the two; a kernel of one 1 copies; further axes are carried along. */
static void test_convolve_auto(void) {
    static const size_t lengths[][2] = {{5000, 3}, {5000, 400}, {100, 90}};
    size_t k, i;
    for (k = 0; k < sizeof lengths / sizeof *lengths; k++) {
        const size_t dim[2] = {lengths[k][0], 3}, taps = lengths[k][1];
        mv_volume v, whole, kernel, room, out[3] = {{0}, {0}, {0}};
        mv_convolve_opt o = {MEDVOL_CONV_FULL, 0};
        some(&v, &whole, MEDVOL_F32, 2, dim);
        some(&kernel, &room, MEDVOL_F32, 1, &taps);
        for (o.method = 0; o.method < 3; o.method++)
            CHECK_OK(mv_convolve(T, &out[o.method], &v, &kernel, &o));
        i = mv_volume_count(&out[0]) * sizeof(float);
        CHECK(memcmp(out[0].data, out[taps > 100 ? 2 : 1].data, i) == 0 || taps == 90);
        for (o.method = 0; o.method < 3; o.method++) mv_volume_free(T, &out[o.method]);
        mv_volume_free(T, &room);
        CHECK_OK(mv_volume_alloc(T, &room, MEDVOL_F32, 1, (i = 1, &i)));
        *(float *)room.data = 1.0f;
        CHECK_OK(mv_convolve(T, &out[0], &v, &room, NULL));
        for (i = 0; i < mv_volume_count(&v); i++)
            CHECK(voxel(&out[0], i).re == (double)(float)voxel(&v, i).re);
        mv_volume_free(T, &out[0]);
        mv_volume_free(T, &room);
        mv_volume_free(T, &whole);
    }
}
static void test_convolve_errors(void) {
    const size_t dim[2] = {6, 5}, more[3] = {2, 2, 2}, longer[2] = {7, 1};
    mv_volume v = {0}, k = {0}, l = {0}, rgb = {0}, dst = {0};
    mv_convolve_opt o = {0, 0};
    CHECK_OK(mv_volume_alloc(T, &v, MEDVOL_F32, 2, dim));
    CHECK_OK(mv_volume_alloc(T, &k, MEDVOL_F32, 3, more));
    CHECK_OK(mv_volume_alloc(T, &l, MEDVOL_F32, 2, longer));
    CHECK_OK(mv_volume_alloc(T, &rgb, MEDVOL_RGB24, 2, dim));
    memset(v.data, 0, 120), memset(k.data, 0, 32), memset(l.data, 0, 28);
    CHECK_STATUS(mv_convolve(T, NULL, &v, &v, NULL), MEDVOL_E_NULL);
    CHECK_STATUS(mv_convolve(T, &dst, NULL, &v, NULL), MEDVOL_E_NULL);
    CHECK_STATUS(mv_correlate(T, &dst, &v, NULL, NULL), MEDVOL_E_NULL);
    CHECK_STATUS(mv_convolve(T, &dst, &rgb, &v, NULL), MEDVOL_E_DTYPE);
    CHECK_STATUS(mv_convolve(T, &dst, &v, &rgb, NULL), MEDVOL_E_DTYPE);
    CHECK_STATUS(mv_convolve(T, &dst, &v, &k, NULL), MEDVOL_E_SHAPE);
    CHECK_STATUS(mv_convolve(T, &v, &v, &v, NULL), MEDVOL_E_ALIAS);
    CHECK_STATUS(mv_convolve(T, &l, &v, &k, NULL), MEDVOL_E_SHAPE);
    o.mode = MEDVOL_CONV_VALID;
    CHECK_STATUS(mv_convolve(T, &dst, &v, &l, &o), MEDVOL_E_SHAPE);
    o.mode = 3;
    CHECK_STATUS(mv_convolve(T, &dst, &v, &l, &o), MEDVOL_E_RANGE);
    o.mode = 0, o.method = -1;
    CHECK_STATUS(mv_convolve(T, &dst, &v, &l, &o), MEDVOL_E_RANGE);
    CHECK(!dst.data);
    CHECK_OK(mv_convolve(T, &v, &v, &l, NULL));
    mv_volume_free(T, &v);
    mv_volume_free(T, &k);
    mv_volume_free(T, &l);
    mv_volume_free(T, &rgb);
}

/* ---- phase correlation ---- */
/* noise, smooth or not, moved by any part of a voxel through its spectrum, in double */
static void moved(mv_volume *v, const size_t *dim, const double *by, int smooth) {
    const size_t n = dim[0] * dim[1] * dim[2];
    pair *x = (pair *)calloc(n, sizeof *x);
    size_t i;
    int k;
    CHECK_OK(mv_volume_alloc(T, v, MEDVOL_F32, 3, dim));
    if (!CHECK(x)) return;
    t_seed(7);
    for (i = 0; i < n; i++) x[i].re = t_normal();
    for (k = 0; k < 3; k++) define(x, 3, dim, k, 0, 0);
    for (i = 0; i < n; i++) {
        const size_t at[3] = {i % dim[0], i / dim[0] % dim[1], i / dim[0] / dim[1]};
        double angle = 0, damp = 1;
        pair p = x[i];
        for (k = 0; k < 3; k++) {
            double f = at[k] * 2 > dim[k] ? (double)at[k] - (double)dim[k] : (double)at[k];
            if (at[k] * 2 == dim[k]) damp = 0; /* of no certain sign */
            angle -= 6.283185307179586477 * f * by[k] / (double)dim[k];
            if (smooth) damp *= exp(-8.0 * (f / (double)dim[k]) * (f / (double)dim[k]));
        }
        x[i].re = damp * (p.re * cos(angle) - p.im * sin(angle));
        x[i].im = damp * (p.re * sin(angle) + p.im * cos(angle));
    }
    for (k = 0; k < 3; k++) define(x, 3, dim, k, 1, 0);
    for (i = 0; i < n; i++) ((float *)v->data)[i] = (float)(5.0 + x[i].re / (double)n);
    v->affine[0] = 0, v->affine[1] = 2, v->affine[4] = -3, v->affine[5] = 0, v->affine[10] = 0.5;
    free(x);
}
static void test_phase(void) {
    static const size_t shapes[][3] = {{32, 27, 20}, {61, 1, 1}, {1, 40, 33}, {24, 24, 1}};
    static const double none[3] = {0, 0, 0};
    size_t i;
    int up, k;
    for (i = 0; i < sizeof shapes / sizeof *shapes; i++)
        for (up = 1; up <= 1000; up *= 10) {
            double by[3] = {5, -7, 3}, tol = up == 1 ? 1e-12 : 0.501 / up + 1e-3;
            mv_volume a = {0}, b = {0};
            mv_phase_opt o = {0, 0, 0};
            mv_shift s;
            o.upsample = up;
            for (k = 0; k < 3; k++) {
                if (up > 1) by[k] += 0.3 - 0.137 * k;
                if (shapes[i][k] == 1) by[k] = 0;
            }
            moved(&a, shapes[i], none, 0);
            moved(&b, shapes[i], by, 0);
            CHECK_OK(mv_phase_correlate(T, &s, &a, &b, &o));
            for (k = 0; k < 3; k++) CHECK_NEAR(s.voxel[k], by[k], tol);
            CHECK_NEAR(s.mm[0], 2 * s.voxel[1], 1e-9);
            CHECK_NEAR(s.mm[1], -3 * s.voxel[0], 1e-9);
            CHECK_NEAR(s.mm[2], 0.5 * s.voxel[2], 1e-9);
            CHECK(s.peak > 0.8 && s.peak < 1.001);
            mv_volume_free(T, &a), mv_volume_free(T, &b);
            moved(&a, shapes[i], none, 1);
            moved(&b, shapes[i], by, 1);
            o.plain = 1;
            CHECK_OK(mv_phase_correlate(T, &s, &a, &b, &o));
            for (k = 0; k < 3; k++) CHECK_NEAR(s.voxel[k], by[k], tol);
            CHECK(s.peak > (up == 1 ? 0.99999 : 0.9) && s.peak < 1.00001); /* Pearson's r */
            mv_volume_free(T, &a), mv_volume_free(T, &b);
        }
}
/* Parts of one larger image: only what both show counts for the window. */
static void test_phase_window(void) {
    const size_t dim[3] = {96, 90, 1}, size[3] = {64, 64, 1}, first[3] = {20, 15, 0}, second[3] = {17, 19, 0};
    static const double none[3] = {0, 0, 0};
    const mv_phase_opt o = {1, 0, 1};
    mv_volume v = {0}, a, b;
    mv_shift s;
    moved(&v, dim, none, 1);
    CHECK_OK(mv_volume_view(T, &a, &v, first, size));
    CHECK_OK(mv_volume_view(T, &b, &v, second, size));
    CHECK_OK(mv_phase_correlate(T, &s, &a, &b, &o));
    CHECK(s.voxel[0] == 3 && s.voxel[1] == -4 && s.voxel[2] == 0);
    CHECK(s.peak > 0.05);
    mv_volume_free(T, &v);
}
static void test_phase_errors(void) {
    const size_t dim[3] = {8, 6, 4}, other[3] = {8, 6, 5}, many[4] = {4, 4, 2, 6};
    static const double none[3] = {0, 0, 0};
    mv_volume a = {0}, b = {0}, c = {0}, d = {0}, e = {0};
    mv_phase_opt o = {0, 0, 1001};
    mv_shift s = {{9, 9, 9}, {0, 0, 0}, 0, 0};
    size_t i;
    moved(&a, dim, none, 0);
    moved(&b, other, none, 0);
    CHECK_OK(mv_volume_alloc(T, &c, MEDVOL_C64, 3, dim));
    CHECK_OK(mv_volume_alloc(T, &d, MEDVOL_F64, 3, dim));
    CHECK_OK(mv_volume_alloc(T, &e, MEDVOL_F32, 4, many));
    for (i = 0; i < 192; i++) ((double *)d.data)[i] = 1e9;
    CHECK_STATUS(mv_phase_correlate(T, NULL, &a, &a, NULL), MEDVOL_E_NULL);
    CHECK_STATUS(mv_phase_correlate(T, &s, NULL, &a, NULL), MEDVOL_E_NULL);
    CHECK_STATUS(mv_phase_correlate(T, &s, &a, NULL, NULL), MEDVOL_E_NULL);
    CHECK_STATUS(mv_phase_correlate(T, &s, &a, &b, NULL), MEDVOL_E_SHAPE);
    CHECK_STATUS(mv_phase_correlate(T, &s, &e, &e, NULL), MEDVOL_E_SHAPE);
    CHECK_STATUS(mv_phase_correlate(T, &s, &c, &c, NULL), MEDVOL_E_DTYPE);
    CHECK_STATUS(mv_phase_correlate(T, &s, &a, &a, &o), MEDVOL_E_RANGE);
    CHECK_STATUS(mv_phase_correlate(T, &s, &a, &d, NULL), MEDVOL_E_SINGULAR);
    for (i = 0; i < 192; i++) ((double *)d.data)[i] = (double)i * 1e-41; /* floats without all their digits */
    CHECK_STATUS(mv_phase_correlate(T, &s, &d, &d, NULL), MEDVOL_E_SINGULAR);
    for (i = 0; i < 192; i++) ((double *)d.data)[i] = (double)(i % 7) * 5e37;
    CHECK_STATUS(mv_phase_correlate(T, &s, &d, &d, NULL), MEDVOL_E_RANGE);
    ((double *)d.data)[17] = (double)NAN;
    CHECK_STATUS(mv_phase_correlate(T, &s, &a, &d, NULL), MEDVOL_E_RANGE);
    CHECK(s.voxel[0] == 9);
    mv_volume_free(T, &a), mv_volume_free(T, &b), mv_volume_free(T, &c), mv_volume_free(T, &d);
    mv_volume_free(T, &e);
}

const t_case tests_fft[] = {
    {"lengths", test_lengths, 0},
    {"long", test_long, 0},
    {"vectors", test_vectors, 0},
    {"past_cache", test_past_cache, 0},
    {"shapes", test_shapes, 0},
    {"levels", test_levels, 0},
    {"ones", test_ones, T_ONCE},
    {"halves", test_halves, 0},
    {"halves_filled", test_halves_filled, 0},
    {"volumes", test_volumes, 0},
    {"adjoint", test_adjoint, 0},
    {"waves", test_waves, 0},
    {"good_size", test_good_size, T_ONCE},
    {"errors", test_errors, T_ONCE},
    {"cancel", test_cancel, 0},
    {"nan", test_nan, 0},
    {"calls", test_fft_calls, 0},
    {"real_calls", test_rfft_calls, 0},
    {"geometry", test_fft_geometry, 0},
    {"kept", test_fft_kept, 0},
    {"scratch", test_fft_scratch, 0},
    {"call_errors", test_fft_call_errors, T_ONCE},
    {"convolve", test_convolve, 0},
    {"convolve_auto", test_convolve_auto, 0},
    {"convolve_errors", test_convolve_errors, T_ONCE},
    {"phase", test_phase, 0},
    {"phase_window", test_phase_window, 0},
    {"phase_errors", test_phase_errors, T_ONCE},
    {NULL, NULL, 0},
};
