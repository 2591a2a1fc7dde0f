/* test_intensity.c - statistics, percentiles, histograms, Otsu, z-norm, rescale, clamp, linear, threshold,
   gamma. Oracles are naive double code on values the test itself chose. */
#include "test.h"
#include <float.h>

enum { TYPES = 12 };
static int is_float(mv_dtype t) {
    return t == MEDVOL_F16 || t == MEDVOL_BF16 || t == MEDVOL_F32 || t == MEDVOL_F64;
}
static uint16_t small_half(int v, int bf16) { /* a whole number of at most 8 bits, exact in both half types */
    int a = abs(v), e = 0;
    if (a == 0) return 0;
    while (a >> (e + 1)) e++;
    if (bf16) return (uint16_t)((v < 0 ? 0x8000 : 0) | (127 + e) << 7 | (((a << 7) >> e) & 0x7f));
    return (uint16_t)((v < 0 ? 0x8000 : 0) | (15 + e) << 10 | (((a << 10) >> e) & 0x3ff));
}
static void put(void *p, mv_dtype t, size_t i, int v) { /* v within the type, |v| < 256 for the half types */
    switch (t) {
        case MEDVOL_U8: ((uint8_t *)p)[i] = (uint8_t)v; break;
        case MEDVOL_I8: ((int8_t *)p)[i] = (int8_t)v; break;
        case MEDVOL_U16: ((uint16_t *)p)[i] = (uint16_t)v; break;
        case MEDVOL_I16: ((int16_t *)p)[i] = (int16_t)v; break;
        case MEDVOL_U32: ((uint32_t *)p)[i] = (uint32_t)v; break;
        case MEDVOL_I32: ((int32_t *)p)[i] = v; break;
        case MEDVOL_U64: ((uint64_t *)p)[i] = (uint64_t)v; break;
        case MEDVOL_I64: ((int64_t *)p)[i] = v; break;
        case MEDVOL_F16: ((uint16_t *)p)[i] = small_half(v, 0); break;
        case MEDVOL_BF16: ((uint16_t *)p)[i] = small_half(v, 1); break;
        case MEDVOL_F32: ((float *)p)[i] = (float)v; break;
        default: ((double *)p)[i] = v;
    }
}
static int draw(mv_dtype t) { /* a value every type of this signedness holds, zeros often */
    int r = (int)(t_bits() % 5), v = (int)(t_bits() % 100);
    int is_signed = t == MEDVOL_I8 || t == MEDVOL_I16 || t == MEDVOL_I32 || t == MEDVOL_I64 || is_float(t);
    return r == 0 ? 0 : r == 1 && is_signed ? -v : v;
}
static double get(const void *p, mv_dtype t, size_t i) { return t_value(p, t, i); }
static float *floats(size_t n) { return (float *)malloc((n ? n : 1) * sizeof(float)); }

/* ---- statistics ---- */
/* a sum and what its roundings lost, Neumaier 1974: long double is double on some machines */
typedef struct kahan {
    double sum, lost;
} kahan;
static void add(kahan *t, double x) {
    volatile double sum = t->sum + x;
    t->lost += fabs(t->sum) >= fabs(x) ? (t->sum - sum) + x : (x - sum) + t->sum;
    t->sum = sum;
}
static double over(const kahan *t, double n) { return t->sum / n + t->lost / n; }
/* two passes; finite values and NaN */
static void naive(mv_statistics *s, const double *x, size_t n) {
    kahan sum = {0, 0}, m2 = {0, 0}, sq = {0, 0};
    size_t i;
    memset(s, 0, sizeof *s);
    s->min = INFINITY, s->max = -INFINITY;
    for (i = 0; i < n; i++) {
        if (x[i] != x[i]) { s->nan++; continue; }
        s->count++;
        add(&sum, x[i]);
        add(&sq, x[i] * x[i]);
        s->min = fmin(s->min, x[i]), s->max = fmax(s->max, x[i]);
    }
    if (!s->count) return;
    s->sum = over(&sum, 1);
    s->mean = over(&sum, (double)s->count);
    for (i = 0; i < n; i++)
        if (x[i] == x[i]) add(&m2, (x[i] - s->mean) * (x[i] - s->mean));
    s->variance = over(&m2, (double)s->count);
    s->variance_sample = s->count > 1 ? over(&m2, (double)(s->count - 1)) : 0.0;
    s->sd = sqrt(s->variance), s->sd_sample = sqrt(s->variance_sample);
    s->rms = sqrt(over(&sq, (double)s->count));
}
static void same_stats(const mv_statistics *a, const mv_statistics *b) {
    double size = fabs(b->mean) + b->sd + 1e-300;
    CHECK(a->count == b->count && a->nan == b->nan && a->inf == b->inf);
    CHECK(a->min == b->min && a->max == b->max);
    CHECK_NEAR(a->sum, b->sum, 1e-13 * (double)b->count * size);
    CHECK_NEAR(a->mean, b->mean, 1e-13 * size);
    CHECK_NEAR(a->variance, b->variance, 1e-11 * b->variance + 1e-28 * size * size);
    CHECK_NEAR(a->variance_sample, b->variance_sample, 1e-11 * b->variance_sample + 1e-28 * size * size);
    CHECK_NEAR(a->sd, sqrt(a->variance), 0);
    CHECK_NEAR(a->sd_sample, sqrt(a->variance_sample), 0);
    CHECK_NEAR(a->rms, b->rms, 1e-13 * size);
}
static void test_stats_sizes(void) {
    size_t sizes[80], k, i;
    for (k = 0; k < 67; k++) sizes[k] = k + 1;
    sizes[67] = 65535, sizes[68] = 65536, sizes[69] = 65537, sizes[70] = 3 * 65536 + 17;
    for (k = 0; k < 71; k++) {
        size_t n = sizes[k];
        float *x = (float *)t_guard(n * sizeof(float)), *y = (float *)t_guard((n + 1) * sizeof(float));
        double *d = (double *)malloc(n * sizeof(double));
        mv_statistics got, want;
        memset(y, 0xff, sizeof *y); /* a NaN in front of the unaligned copy */
        for (i = 0; i < n; i++) d[i] = y[i + 1] = x[i] = (float)(t_normal() * 3.0 - 7.0);
        naive(&want, d, n);
        CHECK_OK(mv_stats_f32(T, &got, x, n, NULL));
        same_stats(&got, &want);
        CHECK_OK(mv_stats_f32(T, &got, y + 1, n, NULL));
        same_stats(&got, &want);
        free(d);
        t_guard_free(x, n * sizeof(float));
        t_guard_free(y, (n + 1) * sizeof(float));
    }
}
static void test_stats_offset(void) { /* B12: the spread survives a large offset, even an outlier in front */
    size_t n = 200003, i, k;
    float *x = floats(n);
    double *d = (double *)malloc(n * sizeof(double));
    for (k = 0; k < 2; k++) {
        mv_statistics got, want;
        for (i = 0; i < n; i++) d[i] = x[i] = (float)(1e5 + t_normal());
        if (k) d[0] = x[0] = -3e6f;
        naive(&want, d, n);
        CHECK_OK(mv_stats_f32(T, &got, x, n, NULL));
        same_stats(&got, &want);
        if (!k) CHECK_NEAR(got.sd, 1.0, 0.01);
    }
    free(x);
    free(d);
}
/* ---- integers of 8 and 16 bits: shapes of data that reach every bit of the sums ---- */
static const mv_dtype NARROW[4] = {MEDVOL_U8, MEDVOL_I8, MEDVOL_U16, MEDVOL_I16};
static int narrow(mv_dtype t, int shape) {
    int least = t == MEDVOL_I8 ? -128 : t == MEDVOL_I16 ? -32768 : 0;
    int most = t == MEDVOL_U8 ? 255 : t == MEDVOL_I8 ? 127 : t == MEDVOL_U16 ? 65535 : 32767;
    int any = least + (int)(t_bits() % (uint64_t)(most - least + 1));
    switch (shape) {
        case 0: return (int)(t_bits() % 100);
        case 1: return any;
        case 2: return least;
        case 3: return most;
        case 4: return t_bits() % 2 ? least : most;
        default: return t_bits() % 64 ? most : any;
    }
}
static void test_stats_narrow(void) {
    static const size_t sizes[] = {1, 2, 3, 15, 16, 17, 31, 63, 64, 65, 127, 128, 129, 255, 256, 257, 319,
        1000, 65535, 65536, 65537, 2 * 65536 + 77};
    size_t k, i, shape;
    int t;
    for (t = 0; t < 4; t++)
        for (k = 0; k < sizeof sizes / sizeof *sizes; k++)
            for (shape = 0; shape < 6; shape++) {
                size_t n = sizes[k], z = mv_dtype_size(NARROW[t]), bytes = (n + 1) * z;
                unsigned char *p = (unsigned char *)t_guard(bytes), *q = (unsigned char *)t_guard(bytes + 1);
                float *x = floats(n);
                double *d = (double *)malloc(n * sizeof(double));
                mv_statistics got, want, real;
                for (i = 0; i <= n; i++) put(p, NARROW[t], i, narrow(NARROW[t], (int)shape));
                memcpy(q + 1, p + z, n * z);
                for (i = 0; i < n; i++) d[i] = x[i] = (float)get(p + z, NARROW[t], i);
                naive(&want, d, n);
                CHECK_OK(mv_stats_array(T, &got, p + z, NARROW[t], n, 0, 0, NULL));
                same_stats(&got, &want);
                CHECK_OK(mv_stats_f32(T, &real, x, n, NULL));
                if (want.sd < 1000) CHECK(memcmp(&got, &real, sizeof got) == 0); /* nothing rounds */
                CHECK_OK(mv_stats_array(T, &real, z == 1 ? q + 1 : p + z, NARROW[t], n, 0, 0, NULL));
                CHECK(memcmp(&got, &real, sizeof got) == 0);
                free(x);
                free(d);
                t_guard_free(p, bytes);
                t_guard_free(q, bytes + 1);
            }
}
static void test_stats_special(void) {
    float x[200];
    double d[200];
    mv_statistics got, want;
    size_t i, k, n = 200;
    for (i = 0; i < n; i++) d[i] = x[i] = i % 3 == 0 ? NAN : (float)i;
    naive(&want, d, n);
    CHECK_OK(mv_stats_f32(T, &got, x, n, NULL));
    same_stats(&got, &want);
    CHECK(got.nan == 67);
    for (i = 0; i < n; i++) d[i] = d[i] * -2.5 + 7;
    naive(&want, d, n);
    CHECK_OK(mv_stats_array(T, &got, x, MEDVOL_F32, n, -2.5, 7, NULL));
    same_stats(&got, &want);
    for (k = 0; k < 2; k++) { /* half types: NaN in between, then an infinity */
        uint16_t half[200];
        mv_dtype t = k ? MEDVOL_BF16 : MEDVOL_F16;
        for (i = 0; i < n; i++)
            half[i] = i % 3 == 0 ? 0x7fff : small_half((int)i, (int)k),
            d[i] = i % 3 == 0 ? NAN : (double)i * 3 - 1;
        naive(&want, d, n);
        CHECK_OK(mv_stats_array(T, &got, half, t, n, 3, -1, NULL));
        same_stats(&got, &want);
        half[199] = k ? 0x7f80 : 0x7c00;
        CHECK_OK(mv_stats_array(T, &got, half, t, n, 3, -1, NULL));
        CHECK(got.inf == 1 && got.max == INFINITY && got.min == want.min && got.nan == want.nan);
    }
    x[7] = INFINITY;
    CHECK_OK(mv_stats_f32(T, &got, x, n, NULL));
    CHECK(got.inf == 1 && got.count == 133 && got.max == INFINITY && got.min == 1.0);
    CHECK(got.sum == INFINITY && got.mean == INFINITY && got.rms == INFINITY &&
        got.variance != got.variance && got.sd != got.sd);
    x[8] = -INFINITY;
    CHECK_OK(mv_stats_f32(T, &got, x, n, NULL));
    CHECK(got.inf == 2 && got.min == -INFINITY && got.mean != got.mean);
    for (i = 0; i < n; i++) x[i] = NAN;
    memset(&got, 7, sizeof got);
    memset(&want, 7, sizeof want);
    CHECK_STATUS(mv_stats_f32(T, &got, x, n, NULL), MEDVOL_E_EMPTY);
    CHECK(!memcmp(&got, &want, sizeof got));
    x[150] = -0.0f, x[170] = 0.0f;
    CHECK_OK(mv_stats_f32(T, &got, x, n, NULL));
    CHECK(got.count == 2 && !signbit(got.min) && !signbit(got.max) && got.variance == 0.0);
    x[0] = -INFINITY, x[150] = x[170] = NAN;
    CHECK_OK(mv_stats_f32(T, &got, x, n, NULL));
    CHECK(got.count == 1 && got.inf == 1 && got.min == -INFINITY && got.max == -INFINITY);
}
/* A padded volume of 4 axes in one block, its real values in x-fastest order, and a 0/1 mask. */
typedef struct fixture {
    mv_volume v, mask;
    size_t n;
    unsigned char *block, *mask_bytes;
    double *real;
} fixture;
static const size_t extent[4] = {7, 5, 3, 4};
static void fixture_make(fixture *f, mv_dtype t, double slope, double inter, int padded) {
    ptrdiff_t stride[4];
    size_t i, j, e, size = mv_dtype_size(t);
    stride[0] = 1;
    stride[1] = (ptrdiff_t)extent[0] + (padded ? 2 : 0);
    stride[2] = stride[1] * (ptrdiff_t)extent[1] + (padded ? 3 : 0);
    stride[3] = stride[2] * (ptrdiff_t)extent[2];
    f->n = 7 * 5 * 3 * 4;
    f->block = (unsigned char *)malloc((size_t)stride[3] * 4 * size);
    memset(f->block, 0x7f, (size_t)stride[3] * 4 * size);
    f->real = (double *)malloc(f->n * sizeof(double));
    f->mask_bytes = (unsigned char *)malloc(f->n);
    CHECK_OK(mv_volume_wrap(T, &f->v, f->block, t, 4, extent, stride));
    CHECK_OK(mv_volume_wrap(T, &f->mask, f->mask_bytes, MEDVOL_U8, 4, extent, NULL));
    f->v.slope = slope, f->v.inter = inter;
    f->v.affine[3] = 17.5;
    for (i = 0; i < f->n; i++) {
        e = i % 7 + i / 7 % 5 * (size_t)stride[1] + i / 35 % 3 * (size_t)stride[2] +
            i / 105 * (size_t)stride[3];
        j = (size_t)draw(t) + 0;
        put(f->block, t, e, (int)j);
        f->real[i] = slope != 0.0 ? (double)(int)j * slope + inter : (double)(int)j;
        f->mask_bytes[i] = (unsigned char)(t_bits() % 3 ? 1 + t_bits() % 200 : 0);
    }
}
static void fixture_free(fixture *f) {
    free(f->block);
    free(f->mask_bytes);
    free(f->real);
}
static double at(const mv_volume *v, size_t i) { /* stored value i in x-fastest order */
    size_t e = 0, d;
    for (d = 0; d < (size_t)v->ndim; d++) {
        e += i % v->dim[d] * (size_t)v->stride[d];
        i /= v->dim[d];
    }
    return get(v->data, v->dtype, e);
}
static const double slopes[3][2] = {{0, 0}, {2, -50}, {-0.5, 3}};
/* Values of index `index` along axis split - 1 (split 0: all) that mask and nonzero choose. */
static size_t chosen(double *out, const fixture *f, int mask, int nonzero, int split, size_t index) {
    size_t i, n = 0;
    for (i = 0; i < f->n; i++) {
        size_t c[4];
        c[0] = i % 7, c[1] = i / 7 % 5, c[2] = i / 35 % 3, c[3] = i / 105;
        if (split && c[split - 1] != index) continue;
        if (mask == 1 && !f->mask_bytes[i]) continue;
        if (mask == 2 && !f->mask_bytes[i % 105]) continue; /* the first volume's mask for all */
        if (nonzero && f->real[i] == 0.0) continue;
        out[n++] = f->real[i];
    }
    return n;
}
static void pick_mask(const fixture *f, int mask, mv_volume *room, const mv_volume **m) {
    *m = NULL;
    if (mask) *room = f->mask, *m = room;
    if (mask == 2) room->ndim = 3, room->dim[3] = 1;
}
static void test_stats_choice(void) {
    int k, t, mask, nonzero, split;
    for (t = 0; t < TYPES; t++)
        for (k = 0; k < 3; k++) {
            fixture f;
            double x[420];
            fixture_make(&f, t_real_types[t], slopes[k][0], slopes[k][1], t % 2);
            for (mask = 0; mask < 3; mask++)
                for (nonzero = 0; nonzero < 2; nonzero++)
                    for (split = 0; split <= 4; split++) {
                        mv_stats_opt o;
                        mv_volume room;
                        mv_statistics got[8], want;
                        size_t i, parts = split ? extent[split - 1] : 1;
                        memset(&o, 0, sizeof o);
                        pick_mask(&f, mask, &room, &o.mask);
                        o.nonzero = nonzero, o.split = split;
                        CHECK_OK(mv_stats(T, got, &f.v, &o));
                        for (i = 0; i < parts; i++) {
                            naive(&want, x, chosen(x, &f, mask, nonzero, split, i));
                            same_stats(&got[i], &want);
                        }
                    }
            fixture_free(&f);
        }
}
static void test_mask_scaled(void) { /* a mask is read as real values too: stored 0 may mean 1 */
    const size_t dim[2] = {5, 3};
    const double half = 50;
    float x[15];
    unsigned char m8[15];
    short m16[15];
    mv_volume v, mask;
    mv_statistics s;
    mv_stats_opt o;
    mv_percentile_opt p;
    double median;
    int i, k;
    memset(&o, 0, sizeof o);
    memset(&p, 0, sizeof p);
    for (i = 0; i < 15; i++) x[i] = (float)i, m8[i] = (unsigned char)(i < 6), m16[i] = (short)(i < 6);
    CHECK_OK(mv_volume_wrap(T, &v, x, MEDVOL_F32, 2, dim, NULL));
    for (k = 0; k < 2; k++) {
        CHECK_OK(mv_volume_wrap(T, &mask, k ? (void *)m16 : m8, k ? MEDVOL_I16 : MEDVOL_U8, 2, dim, NULL));
        o.mask = p.mask = &mask;
        mask.slope = -1, mask.inter = 1; /* 6.. are chosen */
        CHECK_OK(mv_stats(T, &s, &v, &o));
        CHECK(s.count == 9 && s.min == 6 && s.mean == 10);
        CHECK_OK(mv_percentiles(T, &median, &v, &half, 1, &p));
        CHECK(median == 10);
        mask.slope = 0.5, mask.inter = 0; /* ..5 are */
        CHECK_OK(mv_stats(T, &s, &v, &o));
        CHECK(s.count == 6 && s.max == 5);
        CHECK_OK(mv_percentiles(T, &median, &v, &half, 1, &p));
        CHECK(median == 2.5);
    }
}
static void test_map_flat(void) { /* a slope of 0 leaves nothing of the source, whatever its type */
    static const mv_dtype types[] = {MEDVOL_U8, MEDVOL_I16, MEDVOL_F16, MEDVOL_I32, MEDVOL_F32, MEDVOL_F64};
    size_t t, i;
    for (t = 0; t < sizeof types / sizeof *types; t++) {
        fixture f;
        mv_volume d;
        mv_rescale_opt o;
        size_t bad = 0;
        fixture_make(&f, types[t], 2, -50, 1);
        memset(&d, 0, sizeof d);
        memset(&o, 0, sizeof o);
        CHECK_OK(mv_linear(T, &d, &f.v, 0, 4));
        for (i = 0; i < f.n; i++) bad += f.real[i] == f.real[i] && at(&d, i) != 4;
        o.range = MEDVOL_RANGE_GIVEN, o.lo = 1, o.hi = 2;
        CHECK_OK(mv_rescale(T, &d, &f.v, 3, 3, &o));
        for (i = 0; i < f.n; i++) bad += f.real[i] == f.real[i] && at(&d, i) != 3;
        CHECK(bad == 0);
        mv_volume_free(T, &d);
        fixture_free(&f);
    }
}
static void test_stats_merge(void) {
    size_t n = 17 * 65536 + 123, chunks = 18, k, i, j;
    float *x = floats(n);
    unsigned char *mask = (unsigned char *)malloc(n);
    mv_stats_part part[18];
    mv_statistics whole, got;
    mv_stats_opt o;
    memset(&o, 0, sizeof o);
    for (i = 0; i < n; i++)
        x[i] = i % 1000 == 7 ? NAN : (float)t_uniform(-1, 900), mask[i] = (unsigned char)(t_bits() & 1);
    o.mask8 = mask;
    CHECK_OK(mv_stats_f32(T, &whole, x, n, &o));
    for (k = 1; k <= 17; k++) { /* k workers take runs of chunks, the last worker first */
        memset(part, 0, sizeof part);
        for (j = k; j-- > 0;)
            for (i = (j + 1) * chunks / k; i-- > j * chunks / k;) {
                size_t first = i * MEDVOL_STATS_CHUNK,
                       m = n - first < MEDVOL_STATS_CHUNK ? n - first : MEDVOL_STATS_CHUNK;
                o.mask8 = mask + first;
                CHECK_OK(mv_stats_partial(T, &part[i], x + first, MEDVOL_F32, m, 1, 0, &o));
            }
        CHECK_OK(mv_stats_fold(T, &got, part, chunks));
        CHECK(!memcmp(&got, &whole, sizeof got));
    }
    memset(part, 0, sizeof part);
    CHECK_STATUS(mv_stats_fold(T, &got, part, 3), MEDVOL_E_EMPTY);
    CHECK_STATUS(mv_stats_fold(T, &got, part, 0), MEDVOL_E_SIZE);
    CHECK_STATUS(mv_stats_fold(T, NULL, part, 1), MEDVOL_E_NULL);
    CHECK_STATUS(mv_stats_partial(T, part, x, MEDVOL_F32, MEDVOL_STATS_CHUNK + 1, 1, 0, NULL), MEDVOL_E_SIZE);
    free(x);
    free(mask);
}

/* ---- percentiles ---- */
static int by_value(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}
static double sorted_percentile(const double *x, size_t n, double q, int rule) {
    double v = (double)(n - 1) * (q / 100.0), f = floor(v), t = v - f;
    size_t a = (size_t)f, b = (size_t)ceil(v);
    switch (rule) {
        case MEDVOL_PERCENTILE_LOWER: return x[a];
        case MEDVOL_PERCENTILE_HIGHER: return x[b];
        case MEDVOL_PERCENTILE_NEAREST: return t < 0.5 || (t == 0.5 && a % 2 == 0) ? x[a] : x[b];
        case MEDVOL_PERCENTILE_MIDPOINT: return (x[a] + x[b]) / 2;
        default: return x[a] == x[b] ? x[a] : x[a] * (1 - t) + x[b] * t;
    }
}
/* sorted twice; *median is what was found, and checked */
static double mad_of(double *x, size_t n, const double *median) {
    double m;
    size_t i;
    qsort(x, n, sizeof *x, by_value);
    m = sorted_percentile(x, n, 50, 0);
    CHECK_NEAR(*median, m, 1e-12 * 200);
    for (i = 0; i < n; i++) x[i] = fabs(x[i] - *median);
    qsort(x, n, sizeof *x, by_value);
    return 1.4826022185056018 * sorted_percentile(x, n, 50, 0);
}
static const double qs[9] = {50, 0, 100, 1, 99, 25.5, 33.333, 0.01, 99.99};
static void test_percentiles_choice(void) {
    int k, t, mask, nonzero, split;
    for (t = 0; t < TYPES; t++)
        for (k = 0; k < 3; k++) {
            fixture f;
            double x[420], got[9 * 8];
            fixture_make(&f, t_real_types[t], slopes[k][0], slopes[k][1], t % 2);
            for (mask = 0; mask < 3; mask++)
                for (nonzero = 0; nonzero < 2; nonzero++)
                    for (split = 0; split <= 4; split += 2) {
                        mv_percentile_opt o;
                        mv_volume room;
                        size_t i, j, n = 0, parts = split ? extent[split - 1] : 1;
                        memset(&o, 0, sizeof o);
                        pick_mask(&f, mask, &room, &o.mask);
                        o.nonzero = nonzero, o.split = split, o.rule = (mask + split + t) % 5;
                        CHECK_OK(mv_percentiles(T, got, &f.v, qs, 9, &o));
                        for (i = 0; i < parts; i++) {
                            n = chosen(x, &f, mask, nonzero, split, i);
                            qsort(x, n, sizeof *x, by_value);
                            for (j = 0; j < 9; j++)
                                CHECK_NEAR(
                                    got[i * 9 + j], sorted_percentile(x, n, qs[j], o.rule), 1e-12 * 200);
                        }
                        o.rule = 3;
                        CHECK_OK(mv_median(T, got, &f.v, &o));
                        CHECK_NEAR(got[parts - 1], sorted_percentile(x, n, 50, 0), 1e-12 * 200);
                        CHECK_OK(mv_mad(T, got, got + parts, &f.v, &o));
                        for (i = 0; i < parts; i++) {
                            n = chosen(x, &f, mask, nonzero, split, i);
                            CHECK_NEAR(got[i], mad_of(x, n, &got[parts + i]), 1e-12 * 200);
                        }
                    }
            fixture_free(&f);
        }
}
static void test_mad(void) {
    enum { N = 200001 };
    static const double five[5] = {1, 9, 2, 4, 1000};
    double *x = (double *)malloc(N * sizeof *x), mad, m, two[2] = {5, 5};
    const size_t few[1] = {5}, many[1] = {N}, none[2] = {2, 2};
    mv_percentile_opt o = {0};
    mv_volume v, w, mask;
    uint8_t keep[5] = {1, 1, 1, 1, 0}, off[5] = {0};
    double put[5], gaps[4] = {1, 2, (double)NAN, (double)NAN};
    size_t i;
    int k;
    memcpy(put, five, sizeof put);
    CHECK_OK(mv_volume_wrap(T, &v, put, MEDVOL_F64, 1, few, NULL));
    CHECK_OK(mv_mad(T, &mad, &m, &v, NULL)); /* 4; 3 5 2 0 996 */
    CHECK(m == 4 && mad == 3 * 1.4826022185056018);
    CHECK_OK(mv_volume_wrap(T, &mask, keep, MEDVOL_U8, 1, few, NULL));
    o.mask = &mask;
    CHECK_OK(mv_mad(T, &mad, NULL, &v, &o)); /* 1 2 4 9: 3; 2 1 1 6 */
    CHECK_NEAR(mad, 1.5 * 1.4826022185056018, 1e-15);
    put[0] = HUGE_VAL, put[1] = (double)NAN; /* infinity counts, NaN does not: 2 4 1000 inf */
    CHECK_OK(mv_mad(T, &mad, &m, &v, NULL));
    CHECK(m == 502);
    CHECK_NEAR(mad, 499 * 1.4826022185056018, 1e-12);
    put[2] = put[4] = HUGE_VAL;
    CHECK_OK(mv_mad(T, &mad, &m, &v, NULL));
    CHECK(m == HUGE_VAL && mad != mad);
    t_seed(77);
    for (i = 0; i < N; i++) x[i] = 1e6 + 3 * t_normal(); /* sigma, and not moved by a tenth far away */
    CHECK_OK(mv_volume_wrap(T, &w, x, MEDVOL_F64, 1, many, NULL));
    CHECK_OK(mv_mad(T, &mad, &m, &w, NULL));
    CHECK_NEAR(mad, 3, 0.03);
    CHECK_NEAR(m, 1e6, 0.05);
    for (i = 0; i < N; i += 10) x[i] += 1e5;
    CHECK_OK(mv_mad(T, &mad, NULL, &w, NULL));
    CHECK(mad > 3 && mad < 3.9);
    for (i = 0; i < N; i++) x[i] = i % 3 ? 7 : (double)i;
    CHECK_OK(mv_mad(T, &mad, &m, &w, NULL));
    CHECK(m == 7 && mad == 0);
    /* hundreds of deviations in each float, odd and even counts, whole and half ranks among them; and all in
       one, beyond the largest float */
    for (k = 0; k < 4; k++) {
        const size_t n = N - (size_t)k % 2;
        double want, *sorted = (double *)malloc(n * sizeof *sorted);
        for (i = 0; i < n; i++) {
            const double far = k < 2 ? 1e6 + 1e-4 * (double)(i * 7919 % n) : 1e200 * (1 + 1e-9 * (double)i);
            x[i] = i % 2 ? far : -far;
        }
        CHECK_OK(mv_volume_wrap(T, &w, x, MEDVOL_F64, 1, &n, NULL));
        CHECK_OK(mv_mad(T, &mad, &m, &w, NULL));
        memcpy(sorted, x, n * sizeof *sorted);
        want = 1.4826022185056018;
        qsort(sorted, n, sizeof *sorted, by_value);
        CHECK_NEAR(m, sorted_percentile(sorted, n, 50, 0), 1e-15 * sorted[n - 1]);
        for (i = 0; i < n; i++) sorted[i] = fabs(sorted[i] - m);
        qsort(sorted, n, sizeof *sorted, by_value);
        want *= sorted_percentile(sorted, n, 50, 0);
        CHECK_NEAR(mad, want, 1e-15 * want);
        free(sorted);
    }
    CHECK_OK(mv_volume_wrap(T, &w, gaps, MEDVOL_F64, 2, none, NULL));
    o.mask = NULL, o.split = 2;
    CHECK_STATUS(mv_mad(T, two, two + 1, &w, &o), MEDVOL_E_EMPTY); /* of the second index nothing is left */
    CHECK(two[0] == 5 && two[1] == 5);
    mask.data = off, o.mask = &mask, o.split = 0;
    CHECK_STATUS(mv_mad(T, two, NULL, &v, &o), MEDVOL_E_EMPTY);
    CHECK_STATUS(mv_mad(T, NULL, two, &v, NULL), MEDVOL_E_NULL);
    CHECK_STATUS(mv_mad(T, two, NULL, NULL, NULL), MEDVOL_E_NULL);
    o.split = 2;
    CHECK_STATUS(mv_mad(T, two, NULL, &v, &o), MEDVOL_E_RANGE);
    o.split = 0, o.mask = NULL, o.mask8 = keep;
    CHECK_STATUS(mv_mad(T, two, NULL, &v, &o), MEDVOL_E_RANGE);
    free(x);
}
static void test_percentiles_f32(void) { /* many sizes and distributions, all rules, hundreds of q at once */
    size_t sizes[] = {1, 2, 3, 15, 16, 17, 67, 1000, 65535, 70001}, k, i, n, m;
    double q[300], got[300];
    int rule, kind;
    for (i = 0; i < 300; i++) q[i] = i < 2 ? 100.0 * (double)i : t_uniform(0, 100);
    for (k = 0; k < sizeof sizes / sizeof *sizes; k++)
        for (kind = 0; kind < 4; kind++) {
            float *x;
            double *d;
            n = sizes[k];
            x = (float *)t_guard((n + 1) * sizeof(float));
            d = (double *)malloc(n * sizeof(double));
            x[0] = NAN;
            for (i = m = 0; i < n; i++) {
                double v = kind == 0   ? t_normal() * 1000
                           : kind == 1 ? floor(t_uniform(0, 4))
                           : kind == 2 ? ldexp(t_uniform(-1, 1), (int)(t_bits() % 250) - 125)
                                       : 100 + 1e-3 * t_normal();
                if (kind == 2 && n > 20 && i % 50 == 3) v = i & 4 ? NAN : -NAN;
                if (kind == 2 && n > 20 && i % 50 == 5) v = i & 8 ? INFINITY : -INFINITY;
                x[i + 1] = (float)v;
                if (v == v) d[m++] = x[i + 1];
            }
            qsort(d, m, sizeof *d, by_value);
            for (rule = 0; rule < 5; rule++) {
                mv_percentile_opt o;
                size_t nq = kind == 0 && n < 2000 ? 300 : 7;
                memset(&o, 0, sizeof o);
                o.rule = rule;
                CHECK_OK(mv_percentiles_f32(T, got, x + 1, n, q, nq, &o));
                for (i = 0; i < nq; i++) {
                    double want = sorted_percentile(d, m, q[i], rule);
                    double size = fabs(sorted_percentile(d, m, q[i], 1)) +
                        fabs(sorted_percentile(d, m, q[i], 2));
                    if (want != want) continue; /* between -Inf and Inf */
                    CHECK_NEAR(got[i], want, size < INFINITY ? 1e-13 * size : 0);
                }
            }
            free(d);
            t_guard_free(x, (n + 1) * sizeof(float));
        }
}
static void test_percentiles_wide(void) { /* full range of the 16, 32 and 64-bit types */
    enum { N = 3001 };
    static uint64_t raw[N];
    static double d[N], q[700], many[700];
    int t;
    size_t i, k, m;
    for (i = 0; i < 700; i++) q[i] = t_uniform(0, 100);
    for (t = 2; t < TYPES; t++) {
        double got[9], slope = t % 3 == 0 ? -0.25 : 1;
        for (i = 0; i < N; i++) raw[i] = t_bits();
        for (i = m = 0; i < N; i++) {
            double v = get(raw, t_real_types[t], i) * slope;
            if (v == v) d[m++] = v;
        }
        qsort(d, m, sizeof *d, by_value);
        CHECK_OK(mv_percentiles_array(T, got, raw, t_real_types[t], N, slope, 0, qs, 9, NULL));
        for (i = 0; i < 9; i++) {
            double want = sorted_percentile(d, m, qs[i], 0);
            CHECK_NEAR(got[i], want, 1e-12 * fabs(want));
        }
        CHECK_OK(mv_percentiles_array(T, many, raw, t_real_types[t], N, slope, 0, q, 700, NULL));
        for (i = k = 0; i < 700; i++) {
            double want = sorted_percentile(d, m, q[i], 0);
            k += !(fabs(many[i] - want) <=
                1e-12 * (fabs(sorted_percentile(d, m, q[i], 1)) + fabs(sorted_percentile(d, m, q[i], 2))));
        }
        CHECK(k == 0);
    }
}
static void test_percentiles_errors(void) {
    float x[4] = {1, 2, NAN, 4}, y[2] = {NAN, NAN};
    double q = 50, out = -1, bad[] = {-0.1, 100.1, NAN, INFINITY};
    unsigned char zero[4] = {0, 0, 0, 0};
    mv_percentile_opt o;
    size_t i;
    memset(&o, 0, sizeof o);
    for (i = 0; i < 4; i++) CHECK_STATUS(mv_percentiles_f32(T, &out, x, 4, &bad[i], 1, NULL), MEDVOL_E_RANGE);
    CHECK_STATUS(mv_percentiles_f32(T, NULL, x, 4, &q, 1, NULL), MEDVOL_E_NULL);
    CHECK_STATUS(mv_percentiles_f32(T, &out, NULL, 4, &q, 1, NULL), MEDVOL_E_NULL);
    CHECK_STATUS(mv_percentiles_f32(T, &out, x, 4, NULL, 1, NULL), MEDVOL_E_NULL);
    CHECK_STATUS(mv_percentiles_f32(T, &out, x, 0, &q, 1, NULL), MEDVOL_E_SIZE);
    CHECK_STATUS(mv_percentiles_f32(T, &out, x, 4, &q, 0, NULL), MEDVOL_E_SIZE);
    CHECK_STATUS(mv_percentiles_f32(T, &out, x, 4, &q, 4097, NULL), MEDVOL_E_SIZE);
    CHECK_STATUS(mv_percentiles_f32(T, &out, y, 2, &q, 1, NULL), MEDVOL_E_EMPTY);
    o.mask8 = zero;
    CHECK_STATUS(mv_percentiles_f32(T, &out, x, 4, &q, 1, &o), MEDVOL_E_EMPTY);
    o.mask8 = NULL, o.rule = 5;
    CHECK_STATUS(mv_percentiles_f32(T, &out, x, 4, &q, 1, &o), MEDVOL_E_RANGE);
    CHECK(out == -1);
}

/* ---- histograms ---- */
static void naive_histogram(
    uint64_t *c, uint64_t *extra, size_t bins, double lo, double hi, const double *x, size_t n) {
    size_t i, k;
    memset(c, 0, bins * sizeof *c);
    memset(extra, 0, 3 * sizeof *extra);
    for (i = 0; i < n; i++) {
        if (x[i] != x[i]) { extra[2]++; continue; }
        if (x[i] < lo) { extra[0]++; continue; }
        if (x[i] > hi) { extra[1]++; continue; }
        for (k = bins - 1; k > 0 && x[i] < (double)k * ((hi - lo) / (double)bins) + lo; k--) {}
        c[k]++;
    }
}
static void same_histogram(const mv_hist *h, const double *x, size_t n, double lo, double hi) {
    uint64_t *want = (uint64_t *)malloc(h->bins * sizeof *want), extra[3], total = 0;
    size_t k;
    naive_histogram(want, extra, h->bins, lo, hi, x, n);
    for (k = 0; k < h->bins; k++) total += want[k];
    CHECK(!memcmp(want, h->counts, h->bins * sizeof *want));
    CHECK(h->lo == lo && h->hi == hi && h->below == extra[0] && h->above == extra[1] && h->nan == extra[2] &&
        h->total == total);
    free(want);
}
static void test_histogram_f32(void) {
    static const double range[][2] = {{0, 255}, {0, 1}, {-3, 3}, {0.1, 0.7}, {1e5, 1e5 + 1}, {-1e30, 1e30},
        {0, 256}, {-7, -1e-3}, {1000, 1000.001}, {0, 1e-35}};
    static const size_t bins[] = {1, 2, 10, 255, 256, 1000, 5000};
    static uint64_t counts[5000];
    enum { N = 4003 };
    double d[N];
    float *x = (float *)t_guard((N + 1) * sizeof(float));
    size_t r, b, i, n;
    mv_hist h;
    mv_histogram_opt o;
    memset(&h, 0, sizeof h);
    memset(&o, 0, sizeof o);
    h.counts = counts;
    for (r = 0; r < sizeof range / sizeof *range; r++)
        for (b = 0; b < sizeof bins / sizeof *bins; b++) {
            double lo = range[r][0], hi = range[r][1];
            n = N - r * 7 - b;
            for (i = 0; i < n; i++) { /* on, just below, just above edges; anywhere; outside; special */
                double e = lo + (hi - lo) / (double)bins[b] * (double)(t_bits() % (bins[b] + 1));
                float f = (float)e;
                switch (t_bits() % 6) {
                    case 0: break;
                    case 1: f = nextafterf(f, -INFINITY); break;
                    case 2: f = nextafterf(f, INFINITY); break;
                    case 3: f = (float)t_uniform(lo - (hi - lo) * 0.1, hi + (hi - lo) * 0.1); break;
                    default: f = (float)t_uniform(lo, hi);
                }
                if (t_bits() % 100 == 0) f = NAN;
                if (t_bits() % 100 == 0) f = t_bits() & 1 ? INFINITY : -INFINITY;
                d[i] = x[N + 1 - n + i] = f;
            }
            o.lo = lo, o.hi = hi;
            h.bins = bins[b];
            CHECK_OK(mv_histogram_f32(T, &h, x + N + 1 - n, n, &o));
            same_histogram(&h, d, n, lo, hi);
        }
    for (n = 1; n < 68; n++) { /* data range */
        double lo = INFINITY, hi = -INFINITY;
        for (i = 0; i < n; i++)
            d[i] = x[N + 1 - n + i] = (float)floor(t_uniform(0, 9)), lo = fmin(lo, d[i]), hi = fmax(hi, d[i]);
        if (lo == hi) lo -= 0.5, hi += 0.5;
        h.bins = 8;
        CHECK_OK(mv_histogram_f32(T, &h, x + N + 1 - n, n, NULL));
        same_histogram(&h, d, n, lo, hi);
    }
    t_guard_free(x, (N + 1) * sizeof(float));
}
static void test_histogram_choice(void) {
    int k, t, mask, nonzero;
    for (t = 0; t < TYPES; t++)
        for (k = 0; k < 3; k++) {
            fixture f;
            double x[420];
            uint64_t counts[16], sum;
            fixture_make(&f, t_real_types[t], slopes[k][0], slopes[k][1], t % 2);
            for (mask = 0; mask < 3; mask++)
                for (nonzero = 0; nonzero < 2; nonzero++) {
                    mv_histogram_opt o;
                    mv_volume room;
                    mv_hist h;
                    size_t n = chosen(x, &f, mask, nonzero, 0, 0), i;
                    memset(&o, 0, sizeof o);
                    memset(&h, 0, sizeof h);
                    h.counts = counts, h.bins = 16;
                    pick_mask(&f, mask, &room, &o.mask);
                    o.nonzero = nonzero, o.lo = -21.5, o.hi = 42.5;
                    CHECK_OK(mv_histogram(T, &h, &f.v, &o));
                    same_histogram(&h, x, n, o.lo, o.hi);
                    o.clamp = 1;
                    CHECK_OK(mv_histogram(T, &h, &f.v, &o));
                    for (sum = 0, i = 0; i < 16; i++) sum += counts[i];
                    CHECK(sum == n && h.total == n);
                }
            fixture_free(&f);
        }
}
static void test_histogram_array(void) { /* every type, scaled or not, masked, what lies outside counted in */
    static const double scale[][2] = {{1, 0}, {0.25, -3}, {-2, 5}};
    enum { N = 3001, BINS = 37 };
    uint64_t *raw = (uint64_t *)malloc(N * sizeof(uint64_t)), counts[BINS], counts2[BINS];
    uint8_t *mask = (uint8_t *)malloc(N);
    double *x = (double *)malloc(N * sizeof(double));
    size_t t, k, i, n, m;
    for (t = 0; t < TYPES; t++)
        for (k = 0; k < 9; k++) {
            double slope = scale[k % 3][0], inter = scale[k % 3][1];
            mv_histogram_opt o;
            mv_hist h;
            memset(&o, 0, sizeof o);
            memset(&h, 0, sizeof h);
            n = k % 2 ? N : 61 + k;
            for (i = 0; i < n; i++) put(raw, t_real_types[t], i, draw(t_real_types[t]));
            for (i = m = 0; i < n; i++) {
                double v = get(raw, t_real_types[t], i) * slope + inter;
                mask[i] = (uint8_t)(t_bits() % 3);
                if (k < 3 || mask[i]) x[m++] = v;
            }
            h.counts = counts, h.bins = BINS;
            o.lo = -40, o.hi = 71.5;
            if (k >= 3) o.mask8 = mask;
            CHECK_OK(mv_histogram_array(T, &h, raw, t_real_types[t], n, slope, inter, &o));
            same_histogram(&h, x, m, o.lo, o.hi);
            if (k >= 6) { /* clamped: what lies outside is in the outer bins, and told */
                mv_hist c = h;
                c.counts = counts2;
                o.clamp = 1;
                CHECK_OK(mv_histogram_array(T, &c, raw, t_real_types[t], n, slope, inter, &o));
                CHECK(c.below == h.below && c.above == h.above && c.total == h.total + h.below + h.above);
                CHECK(counts2[0] == counts[0] + h.below && counts2[BINS - 1] == counts[BINS - 1] + h.above);
                CHECK(!memcmp(counts + 1, counts2 + 1, (BINS - 2) * sizeof *counts));
            }
        }
    {
        mv_hist h;
        memset(&h, 0, sizeof h);
        h.counts = counts, h.bins = BINS;
        CHECK_STATUS(mv_histogram_array(T, NULL, raw, MEDVOL_U8, 9, 1, 0, NULL), MEDVOL_E_NULL);
        CHECK_STATUS(mv_histogram_array(T, &h, NULL, MEDVOL_U8, 9, 1, 0, NULL), MEDVOL_E_NULL);
        CHECK_STATUS(mv_histogram_array(T, &h, raw, MEDVOL_RGB24, 9, 1, 0, NULL), MEDVOL_E_DTYPE);
        CHECK_STATUS(mv_histogram_array(T, &h, raw, (mv_dtype)99, 9, 1, 0, NULL), MEDVOL_E_DTYPE);
        h.bins = ((size_t)1 << 24) + 1;
        CHECK_STATUS(mv_histogram_array(T, &h, raw, MEDVOL_U8, 9, 1, 0, NULL), MEDVOL_E_SIZE);
    }
    free(raw);
    free(mask);
    free(x);
}
static void test_histogram_merge(void) {
    size_t n = 5 * 65536 + 99, i, k, j;
    float *x = floats(n);
    uint64_t whole[64], got[64], c[17][64];
    mv_hist h, parts[17], sum;
    mv_histogram_opt o;
    memset(&o, 0, sizeof o);
    memset(&h, 0, sizeof h);
    memset(&sum, 0, sizeof sum);
    for (i = 0; i < n; i++) x[i] = i % 777 == 0 ? NAN : (float)t_normal();
    o.lo = -2, o.hi = 2.5;
    h.counts = whole, h.bins = sum.bins = 64, sum.counts = got;
    CHECK_OK(mv_histogram_f32(T, &h, x, n, &o));
    for (k = 1; k <= 17; k++) {
        for (j = 0; j < k; j++) {
            memset(&parts[j], 0, sizeof parts[j]);
            parts[j].counts = c[k - 1 - j], parts[j].bins = 64;
            CHECK_OK(mv_histogram_f32(T, &parts[j], x + n * j / k, n * (j + 1) / k - n * j / k, &o));
        }
        CHECK_OK(mv_histogram_fold(T, &sum, parts, k));
        CHECK(!memcmp(whole, got, sizeof got));
        CHECK(sum.below == h.below && sum.above == h.above && sum.nan == h.nan && sum.total == h.total &&
            sum.lo == -2);
    }
    parts[1].hi = 3;
    CHECK_STATUS(mv_histogram_fold(T, &sum, parts, 2), MEDVOL_E_SHAPE);
    CHECK_STATUS(mv_histogram_fold(T, &sum, parts, 0), MEDVOL_E_SIZE);
    h.bins = 0;
    CHECK_STATUS(mv_histogram_f32(T, &h, x, n, &o), MEDVOL_E_SIZE);
    h.bins = 64, o.lo = 3;
    CHECK_STATUS(mv_histogram_f32(T, &h, x, n, &o), MEDVOL_E_RANGE);
    o.lo = NAN;
    CHECK_STATUS(mv_histogram_f32(T, &h, x, n, &o), MEDVOL_E_RANGE);
    h.counts = NULL;
    CHECK_STATUS(mv_histogram_f32(T, &h, x, n, &o), MEDVOL_E_NULL);
    free(x);
}
static void test_otsu(void) {
    uint64_t c[40];
    double t;
    int round;
    size_t k, j;
    mv_hist h;
    memset(&h, 0, sizeof h);
    h.counts = c, h.bins = 40, h.lo = -1, h.hi = 3;
    for (round = 0; round < 50; round++) {
        double best = -1, want = 0;
        for (k = 0; k < 40; k++) c[k] = t_bits() % 4 == 0 ? 0 : t_bits() % 1000;
        c[0] = 0, c[39] = 0;
        for (k = 0; k < 39; k++) {
            double w0 = 0, w1 = 0, m0 = 0, m1 = 0, v;
            for (j = 0; j < 40; j++) {
                double x = -1 + 0.1 * ((double)j + 0.5);
                if (j <= k) w0 += (double)c[j], m0 += x * (double)c[j];
                else w1 += (double)c[j], m1 += x * (double)c[j];
            }
            if (w0 == 0 || w1 == 0) continue;
            v = w0 * w1 * (m0 / w0 - m1 / w1) * (m0 / w0 - m1 / w1);
            if (v > best * (1 + 1e-12)) best = v, want = -1 + 0.1 * ((double)k + 0.5);
        }
        CHECK_OK(mv_otsu(T, &t, &h));
        CHECK_NEAR(t, want, 1e-12);
    }
    memset(c, 0, sizeof c);
    CHECK_STATUS(mv_otsu(T, &t, &h), MEDVOL_E_EMPTY);
    c[7] = 5;
    CHECK_OK(mv_otsu(T, &t, &h));
    CHECK_NEAR(t, -0.25, 1e-12);
    h.lo = 4;
    CHECK_STATUS(mv_otsu(T, &t, &h), MEDVOL_E_RANGE);
}

/* ---- maps ---- */
/* tol relative, in units of 1 + |want| */
static void close_f32(const float *got, const double *want, size_t n, double tol) {
    size_t i, bad = 0;
    for (i = 0; i < n; i++) {
        double w = want[i];
        if (w != w ? got[i] == got[i] : !(got[i] == w || fabs(got[i] - w) <= tol * (1 + fabs(w)))) bad++;
    }
    CHECK(bad == 0);
}
/* Runs an array map over sizes, unaligned and guarded, out of place and in place, against want(x). */
typedef mv_status (*array_map)(float *dst, const float *src, size_t n);
typedef void (*array_oracle)(double *y, const float *x, size_t n);
static void sweep(array_map map, array_oracle oracle, double tol, int special) {
    size_t sizes[72], k, i;
    for (k = 0; k < 67; k++) sizes[k] = k + 1;
    sizes[67] = 65537;
    sizes[68] = T_SMALL ? 500009 : 1100003; /* the latter is written past the caches */
    for (k = 0; k < 69; k++) {
        size_t n = sizes[k], off = k % 3;
        float *x = (float *)t_guard((n + off) * sizeof(float)),
              *y = (float *)t_guard((n + off + 1) * sizeof(float));
        double *w = (double *)malloc(n * sizeof(double));
        for (i = 0; i < n + off; i++) {
            x[i] = (float)(t_normal() * 40 + 100);
            if (i % 7 == 1) x[i] = 0;
            if (special && n > 5 && i % 11 == 2) x[i] = NAN;
            if (special && n > 5 && i % 13 == 3) x[i] = i & 4 ? INFINITY : -INFINITY;
        }
        oracle(w, x + off, n);
        y[0] = 77.0f; /* unaligned against x; the float in front stays */
        for (i = 0; i < off; i++) y[i + 1] = 77.0f;
        CHECK_OK(map(y + off + 1, x + off, n));
        close_f32(y + off + 1, w, n, tol);
        for (i = 0; i <= off; i++) CHECK(y[i] == 77.0f);
        CHECK_OK(map(x + off, x + off, n));
        CHECK(!memcmp(x + off, y + off + 1, n * sizeof(float)));
        CHECK_STATUS(map(NULL, x, n), MEDVOL_E_NULL);
        CHECK_STATUS(map(y, NULL, n), MEDVOL_E_NULL);
        CHECK_STATUS(map(y, x, 0), MEDVOL_E_SIZE);
        if (n > 2) CHECK_STATUS(map(x + off + 1, x + off, n - 1), MEDVOL_E_ALIAS);
        free(w);
        t_guard_free(x, (n + off) * sizeof(float));
        t_guard_free(y, (n + off + 1) * sizeof(float));
    }
}
/* of the finite ones */
static void moments(const float *x, size_t n, double *mean, double *sd, double *lo, double *hi) {
    kahan s = {0, 0}, q = {0, 0};
    size_t i, m = 0;
    *lo = INFINITY, *hi = -INFINITY;
    for (i = 0; i < n; i++)
        if (isfinite(x[i])) add(&s, x[i]), m++, *lo = fmin(*lo, x[i]), *hi = fmax(*hi, x[i]);
    *mean = over(&s, (double)m);
    for (i = 0; i < n; i++)
        if (isfinite(x[i])) add(&q, (x[i] - *mean) * (x[i] - *mean));
    *sd = sqrt(over(&q, (double)m));
}
static mv_status map_znorm(float *d, const float *s, size_t n) { return mv_znorm_f32(T, d, s, n, NULL); }
static void want_znorm(double *y, const float *x, size_t n) {
    double mean, sd, lo, hi;
    size_t i;
    moments(x, n, &mean, &sd, &lo, &hi);
    for (i = 0; i < n; i++) y[i] = (x[i] - mean) / (sd > 0 ? sd : 1);
}
static mv_status map_rescale(float *d, const float *s, size_t n) {
    return mv_rescale_f32(T, d, s, n, -1, 3, NULL);
}
static void want_rescale(double *y, const float *x, size_t n) {
    double mean, sd, lo, hi;
    size_t i;
    moments(x, n, &mean, &sd, &lo, &hi);
    for (i = 0; i < n; i++) {
        y[i] = hi > lo ? (x[i] - lo) / (hi - lo) * 4 - 1 : x[i] == x[i] ? -1 : NAN;
        if (isinf(x[i])) y[i] = x[i] > 0 && hi > lo ? 3 : -1;
    }
}
static mv_status map_clamp(float *d, const float *s, size_t n) { return mv_clamp_f32(T, d, s, n, 60.5, 130); }
static void want_clamp(double *y, const float *x, size_t n) {
    size_t i;
    for (i = 0; i < n; i++) y[i] = x[i] < 60.5f ? 60.5 : x[i] > 130.0f ? 130 : x[i];
}
static mv_status map_linear(float *d, const float *s, size_t n) {
    return mv_linear_f32(T, d, s, n, -1.25, 3);
}
static void want_linear(double *y, const float *x, size_t n) {
    size_t i;
    for (i = 0; i < n; i++) y[i] = (float)((double)x[i] * -1.25 + 3);
}
static mv_status map_threshold(float *d, const float *s, size_t n) {
    mv_threshold_opt o;
    memset(&o, 0, sizeof o);
    o.below = -5, o.above = 9;
    return mv_threshold_f32(T, d, s, n, 60.1, 130.1, &o);
}
static void want_threshold(double *y, const float *x, size_t n) {
    size_t i;
    for (i = 0; i < n; i++) y[i] = x[i] < 60.1 ? -5 : x[i] > 130.1 ? 9 : x[i];
}
static mv_status map_binary(float *d, const float *s, size_t n) {
    mv_threshold_opt o;
    memset(&o, 0, sizeof o);
    o.binary = o.open = 1;
    return mv_threshold_f32(T, d, s, n, 0, 130.1, &o);
}
static void want_binary(double *y, const float *x, size_t n) {
    size_t i;
    for (i = 0; i < n; i++) y[i] = x[i] > 0 && x[i] < 130.1;
}
static void test_map_sizes(void) {
    sweep(map_znorm, want_znorm, 2e-7, 0);
    sweep(map_znorm, want_znorm, 2e-7, 1);
    sweep(map_rescale, want_rescale, 2e-7, 1);
    sweep(map_clamp, want_clamp, 0, 1);
    sweep(map_linear, want_linear, 0, 1);
    sweep(map_threshold, want_threshold, 0, 1);
    sweep(map_binary, want_binary, 0, 1);
}
/* All types with scaling and strides into f32, into the type itself, and into 16-bit integers. */
static double rounded16(double x) {
    double r = nearbyint(x);
    return x != x ? 0 : r < -32768 ? -32768 : r > 32767 ? 32767 : r;
}
enum { OP_ZNORM, OP_RESCALE, OP_LINEAR, OP_GAMMA, OPS };
static mv_status run_op(int op, mv_volume *dst, const mv_volume *src) {
    mv_rescale_opt o;
    mv_gamma_opt g;
    memset(&o, 0, sizeof o);
    memset(&g, 0, sizeof g);
    o.range = MEDVOL_RANGE_GIVEN, o.lo = -3, o.hi = 40, o.clip = 1;
    g.mode = MEDVOL_GAMMA_SIGNED;
    return op == OP_ZNORM     ? mv_znorm(T, dst, src, NULL)
           : op == OP_RESCALE ? mv_rescale(T, dst, src, 10, 500, &o)
           : op == OP_LINEAR  ? mv_linear(T, dst, src, 300, -7)
                              : mv_gamma(T, dst, src, 1.5, &g);
}
static double want_op(int op, double x, double mean, double sd) {
    double y = (x + 3) / 43 * 490 + 10;
    return op == OP_ZNORM     ? (x - mean) / sd
           : op == OP_RESCALE ? (y < 10 ? 10 : y > 500 ? 500 : y)
           : op == OP_LINEAR  ? x * 300 - 7
                              : (x < 0 ? -pow(-x, 1.5) : pow(x, 1.5));
}
static void test_map_types(void) {
    int t, k, op;
    size_t i;
    for (t = 0; t < TYPES; t++)
        for (k = 0; k < 3; k++)
            for (op = 0; op < OPS; op++) {
                fixture f;
                mv_volume a, b, c;
                mv_statistics s;
                int16_t stored[420];
                size_t bad = 0, wrong = 0;
                mv_dtype want_type = t_real_types[t] == MEDVOL_F64 ? MEDVOL_F64 : MEDVOL_F32;
                memset(&a, 0, sizeof a);
                fixture_make(&f, t_real_types[t], slopes[k][0], slopes[k][1], (t + op) % 2);
                naive(&s, f.real, f.n);
                CHECK_OK(run_op(op, &a, &f.v));
                CHECK(a.dtype == want_type && a.ndim == 4 && a.dim[3] == 4 && a.affine[3] == 17.5 &&
                    a.slope == 1 && a.inter == 0);
                CHECK_OK(mv_volume_wrap(T, &b, stored, MEDVOL_I16, 4, extent, NULL));
                CHECK_OK(run_op(op, &b, &f.v));
                CHECK(b.dtype == MEDVOL_I16 && b.data == stored && b.slope == 1);
                for (i = 0; i < f.n; i++) {
                    double w = want_op(op, f.real[i], s.mean, s.sd),
                           tol = a.dtype == MEDVOL_F64 ? 1e-12 : 3e-7;
                    if (!(fabs(at(&a, i) - w) <= tol * (1 + fabs(w)))) bad++;
                    if (fabs(at(&b, i) - rounded16(w)) > (fabs(w - floor(w) - 0.5) < 1e-9 ? 1 : 0)) wrong++;
                }
                CHECK(bad == 0);
                CHECK(wrong == 0);
                memset(&c, 0, sizeof c);
                CHECK_OK(mv_volume_copy(T, &c, &f.v)); /* dst == src: float memory stays, other is replaced */
                CHECK_OK(run_op(op, &c, &c));
                CHECK(c.dtype == want_type);
                for (i = bad = 0; i < f.n; i++) bad += at(&c, i) != at(&a, i);
                CHECK(bad == 0);
                mv_volume_free(T, &a);
                mv_volume_free(T, &c);
                fixture_free(&f);
            }
}
static void test_limits_types(void) { /* clamp and threshold keep type and scaling; B11 */
    int t, k, op;
    size_t i;
    for (t = 0; t < TYPES; t++)
        for (k = 0; k < 3; k++)
            for (op = 0; op < 3; op++) {
                fixture f;
                mv_volume a, b;
                float real[420];
                mv_threshold_opt o;
                size_t bad = 0, wrong = 0;
                double sl = slopes[k][0] != 0 ? slopes[k][0] : 1, in = slopes[k][0] != 0 ? slopes[k][1] : 0;
                double lo = 5 * sl + in, hi = 61 * sl + in, under = 2 * sl + in, over = 70 * sl + in;
                if (lo > hi) { double x = lo; lo = hi; hi = x; x = under; under = over; over = x; }
                memset(&a, 0, sizeof a);
                memset(&o, 0, sizeof o);
                fixture_make(&f, t_real_types[t], slopes[k][0], slopes[k][1], (t + op) % 2);
                o.below = under, o.above = over, o.open = op == 2;
                CHECK_OK(op == 0 ? mv_clamp(T, &a, &f.v, lo, hi) : mv_threshold(T, &a, &f.v, lo, hi, &o));
                CHECK(a.dtype == t_real_types[t] && a.slope == f.v.slope && a.inter == f.v.inter &&
                    a.affine[3] == 17.5);
                CHECK_OK(mv_volume_wrap(T, &b, real, MEDVOL_F32, 4, extent, NULL));
                if (t_real_types[t] != MEDVOL_F32) {
                    CHECK_OK(op == 0 ? mv_clamp(T, &b, &f.v, lo, hi) : mv_threshold(T, &b, &f.v, lo, hi, &o));
                    CHECK(b.slope == 1 && b.inter == 0);
                }
                for (i = 0; i < f.n; i++) {
                    double x = f.real[i], w = x;
                    if (o.open ? x <= lo : x < lo) w = op ? under : lo;
                    else if (o.open ? x >= hi : x > hi) w = op ? over : hi;
                    if (at(&a, i) * sl + in != w) bad++;
                    if (t_real_types[t] != MEDVOL_F32 && (double)real[i] != w) wrong++;
                }
                CHECK(bad == 0);
                CHECK(wrong == 0);
                o.binary = 1;
                mv_volume_free(T, &a);
                CHECK_OK(mv_threshold(T, &a, &f.v, lo, hi, &o));
                CHECK(a.dtype == MEDVOL_U8);
                for (i = bad = 0; i < f.n; i++)
                    bad += at(&a, i) !=
                        (o.open ? f.real[i] > lo && f.real[i] < hi : f.real[i] >= lo && f.real[i] <= hi);
                CHECK(bad == 0);
                mv_volume_free(T, &a);
                fixture_free(&f);
            }
}
static void test_threshold_open(void) { /* an infinite bound is no bound, whatever the type */
    float x[4] = {-INFINITY, -1, 1, INFINITY}, y[4];
    double z[4] = {-INFINITY, -1, 1, INFINITY};
    size_t n = 4, i;
    mv_volume v, d;
    mv_threshold_opt o;
    memset(&o, 0, sizeof o);
    memset(&d, 0, sizeof d);
    o.open = 1, o.below = o.above = 7;
    CHECK_OK(mv_threshold_f32(T, y, x, 4, -INFINITY, 1, &o));
    CHECK(y[0] == -INFINITY && y[1] == -1 && y[2] == 7 && y[3] == 7);
    CHECK_OK(mv_volume_wrap(T, &v, z, MEDVOL_F64, 1, &n, NULL));
    CHECK_OK(mv_threshold(T, &d, &v, -INFINITY, 1, &o));
    for (i = 0; i < 4; i++) CHECK(((double *)d.data)[i] == y[i]);
    mv_volume_free(T, &d);
    o.binary = 1;
    CHECK_OK(mv_threshold_f32(T, y, x, 4, -1, INFINITY, &o));
    CHECK(y[0] == 0 && y[1] == 0 && y[2] == 1 && y[3] == 1);
}
static void test_threshold_empty(void) { /* open, lo = hi: that value is below, whatever type and slope */
    static const mv_dtype types[] = {MEDVOL_U8, MEDVOL_I16, MEDVOL_I32, MEDVOL_F32};
    static const double slope[] = {1, -2};
    size_t n = 3, t, k;
    mv_threshold_opt o;
    memset(&o, 0, sizeof o);
    o.open = 1, o.above = 3;
    for (t = 0; t < 4; t++)
        for (k = 0; k < 2; k++) {
            mv_volume v, d;
            memset(&d, 0, sizeof d);
            CHECK_OK(mv_volume_alloc(T, &v, types[t], 1, &n));
            put(v.data, types[t], 0, 1), put(v.data, types[t], 1, 2), put(v.data, types[t], 2, 3);
            v.slope = slope[k], v.inter = k ? 9 : 0; /* 1 2 3 or 7 5 3 */
            o.below = k ? 9 : 0;
            CHECK_OK(mv_threshold(T, &d, &v, k ? 5 : 2, k ? 5 : 2, &o));
            CHECK(at(&d, 0) * slope[k] + v.inter == (k ? 3 : 0));
            CHECK(at(&d, 1) * slope[k] + v.inter == (k ? 9 : 0));
            CHECK(at(&d, 2) * slope[k] + v.inter == (k ? 9 : 3));
            mv_volume_free(T, &d);
            mv_volume_free(T, &v);
        }
}
static void test_clamp_integers(void) {
    int16_t x[5] = {-32768, 0, 24, 90, 32767};
    int64_t y[3] = {INT64_MIN, 4611686018427387905, INT64_MAX};
    size_t n = 5, m = 3;
    mv_volume v, d;
    memset(&d, 0, sizeof d);
    CHECK_OK(mv_volume_wrap(T, &v, x, MEDVOL_I16, 1, &n, NULL));
    v.slope = 2, v.inter = -50;
    CHECK_OK(mv_clamp(T, &d, &v, 0, 121)); /* bounds 25 and 85.5: the outermost within are 0 and 120 */
    CHECK(((int16_t *)d.data)[0] == 25 && ((int16_t *)d.data)[2] == 25 && ((int16_t *)d.data)[3] == 85 &&
        ((int16_t *)d.data)[4] == 85);
    mv_volume_free(T, &d);
    CHECK_OK(mv_clamp(T, &d, &v, -INFINITY, 121));
    CHECK(((int16_t *)d.data)[0] == -32768 && ((int16_t *)d.data)[4] == 85);
    mv_volume_free(T, &d);
    CHECK_STATUS(mv_clamp(T, &d, &v, 0.5, 1.5), MEDVOL_E_RANGE);
    CHECK_STATUS(mv_clamp(T, &d, &v, 1e6, 2e6), MEDVOL_E_RANGE);
    CHECK_STATUS(mv_clamp(T, &d, &v, -2e6, -1e6), MEDVOL_E_RANGE);
    CHECK_STATUS(mv_clamp(T, &d, &v, 2, 1), MEDVOL_E_RANGE); /* B20 */
    CHECK_STATUS(mv_clamp(T, &d, &v, NAN, 1), MEDVOL_E_RANGE);
    CHECK_STATUS(mv_clamp(T, &d, &v, 0, NAN), MEDVOL_E_RANGE);
    CHECK(!d.data);
    CHECK_OK(mv_volume_wrap(T, &v, y, MEDVOL_I64, 1, &m, NULL));
    CHECK_OK(mv_clamp(T, &v, &v, -7, INFINITY)); /* what stays keeps all 64 bits */
    CHECK(y[0] == -7 && y[1] == 4611686018427387905 && y[2] == INT64_MAX);
}
static void test_znorm_options(void) {
    int mask, nonzero, split, sample, k;
    for (k = 0; k < 3; k++)
        for (mask = 0; mask < 3; mask++)
            for (nonzero = 0; nonzero < 2; nonzero++)
                for (split = 0; split <= 4; split++)
                    for (sample = 0; sample < 2; sample++) {
                        fixture f;
                        double x[420], y[420];
                        mv_znorm_opt o;
                        mv_rescale_opt r;
                        mv_volume room, d, e;
                        mv_statistics s[8];
                        size_t i, bad = 0, wrong = 0;
                        memset(&o, 0, sizeof o);
                        memset(&r, 0, sizeof r);
                        memset(&d, 0, sizeof d);
                        memset(&e, 0, sizeof e);
                        fixture_make(&f, k ? MEDVOL_I16 : MEDVOL_F32, slopes[k][0], slopes[k][1], split % 2);
                        pick_mask(&f, mask, &room, &o.mask);
                        o.nonzero = r.nonzero = nonzero, o.split = r.split = split, o.sample = sample,
                        r.mask = o.mask;
                        for (i = 0; i < (split ? extent[split - 1] : 1); i++)
                            naive(&s[i], x, chosen(x, &f, mask, nonzero, split, i));
                        CHECK_OK(mv_znorm(T, &d, &f.v, &o));
                        CHECK_OK(mv_rescale(T, &e, &f.v, 2, 5, &r));
                        for (i = 0; i < f.n; i++) {
                            size_t c[4], j;
                            c[0] = i % 7, c[1] = i / 7 % 5, c[2] = i / 35 % 3, c[3] = i / 105;
                            j = split ? c[split - 1] : 0;
                            x[i] = (f.real[i] - s[j].mean) / (sample ? s[j].sd_sample : s[j].sd);
                            y[i] = fmin(5, fmax(2, (f.real[i] - s[j].min) / (s[j].max - s[j].min) * 3 + 2));
                            if (nonzero && f.real[i] == 0) x[i] = y[i] = 0;
                            if (!(fabs(at(&d, i) - x[i]) <= 4e-7 * (1 + fabs(x[i])))) bad++;
                            if (!(fabs(at(&e, i) - y[i]) <= 4e-7 * (1 + fabs(y[i])))) wrong++;
                        }
                        CHECK(bad == 0);
                        CHECK(wrong == 0);
                        mv_volume_free(T, &d);
                        mv_volume_free(T, &e);
                        fixture_free(&f);
                    }
}
static void test_znorm_given(void) {
    float x[5] = {1, 2, NAN, 4, INFINITY}, y[5], c[3] = {7, 7, 7};
    unsigned char none[5] = {0, 0, 0, 0, 0};
    mv_znorm_opt o;
    memset(&o, 0, sizeof o);
    o.given_mean = o.given_sd = 1, o.mean = 2, o.sd = 4;
    CHECK_OK(mv_znorm_f32(T, y, x, 5, &o));
    CHECK(y[0] == -0.25f && y[1] == 0 && y[2] != y[2] && y[3] == 0.5f && y[4] == INFINITY);
    o.given_mean = 0;
    CHECK_OK(mv_znorm_f32(T, y, x, 5, &o));
    CHECK_NEAR(y[0], (1 - 7.0 / 3) / 4, 1e-7);
    o.sd = 0;
    y[0] = 9;
    CHECK_STATUS(mv_znorm_f32(T, y, x, 5, &o), MEDVOL_E_RANGE);
    o.sd = NAN;
    CHECK_STATUS(mv_znorm_f32(T, y, x, 5, &o), MEDVOL_E_RANGE);
    o.sd = 1, o.given_mean = 1, o.mean = INFINITY;
    CHECK_STATUS(mv_znorm_f32(T, y, x, 5, &o), MEDVOL_E_RANGE);
    memset(&o, 0, sizeof o);
    o.mask8 = none;
    CHECK_STATUS(mv_znorm_f32(T, y, x, 5, &o), MEDVOL_E_EMPTY);
    CHECK(y[0] == 9);
    CHECK_OK(mv_znorm_f32(T, c, c, 3, NULL)); /* sd 0: divide by 1 */
    CHECK(c[0] == 0 && c[1] == 0 && c[2] == 0);
}
static void test_znorm_offset(void) { /* B12 */
    size_t n = 100003, i;
    float *x = floats(n);
    mv_statistics s;
    for (i = 0; i < n; i++) x[i] = (float)(1e5 + t_normal());
    CHECK_OK(mv_znorm_f32(T, x, x, n, NULL));
    CHECK_OK(mv_stats_f32(T, &s, x, n, NULL));
    CHECK_NEAR(s.sd, 1.0, 1e-7);
    CHECK_NEAR(s.mean, 0.0, 1e-7);
    free(x);
}
/* Into float, of values read from 8 and 16 bits: the formula in double, rounded once, to the bit. `memory`:
   the result lies in memory of the caller, of large arrays past the caches. */
static void narrow_rescaled(mv_dtype t, size_t n, int shape, double slope, double inter, double least,
    double most, int memory) {
    size_t z = mv_dtype_size(t), i, wrong = 0;
    unsigned char *p = (unsigned char *)t_guard(n * z);
    float *y = floats(n + 1);
    mv_volume s, d = {0};
    double lo = INFINITY, hi = -INFINITY, k;
    for (i = 0; i < n; i++) put(p, t, i, narrow(t, shape));
    CHECK_OK(mv_volume_wrap(T, &s, p, t, 1, &n, NULL));
    s.slope = slope, s.inter = inter;
    if (memory) CHECK_OK(mv_volume_wrap(T, &d, y + 1, MEDVOL_F32, 1, &n, NULL));
    CHECK_OK(mv_rescale(T, &d, &s, least, most, NULL));
    for (i = 0; i < n; i++) {
        double x = get(p, t, i) * slope + inter;
        lo = x < lo ? x : lo, hi = x > hi ? x : hi;
    }
    k = hi > lo ? (most - least) / (hi - lo) : 0.0;
    for (i = 0; i < n; i++) {
        double x = (get(p, t, i) * slope + inter - lo) * k + least;
        float want = (float)(x < least ? least : x > most ? most : x);
        wrong += memcmp(&want, (float *)d.data + i, sizeof want) != 0;
    }
    CHECK(wrong == 0);
    mv_volume_free(T, &d);
    free(y);
    t_guard_free(p, n * z);
}
static void test_rescale_narrow(void) {
    static const double range[5][2] = {{0, 1}, {-1, 1}, {0, 255}, {-0.1, 0.3}, {2, 1000}},
                        scaling[4][2] = {{1, 0}, {0.3, 0}, {2.5, -100}, {-1, 7}};
    size_t n, r, k;
    int t;
    for (t = 0; t < 4; t++) {
        for (n = 1; n < 70; n++) narrow_rescaled(NARROW[t], n, 1, 1, 0, 0, 1, n % 2);
        for (r = 0; r < 5; r++)
            for (k = 0; k < 4; k++) {
                const double *to = range[r], *by = scaling[k];
                narrow_rescaled(NARROW[t], 3000, 1, by[0], by[1], to[0], to[1], 0);
                narrow_rescaled(NARROW[t], 500, 0, by[0], by[1], to[0], to[1], 1);
            }
        narrow_rescaled(NARROW[t], t < 2 ? 5700001 : 4200001, 1, 1, 0, 0, 1, 1);
        narrow_rescaled(NARROW[t], t < 2 ? 5700001 : 4200001, 1, 1, 0, -1, 1, 1);
    }
}
/* Results past the caches: whole vectors, whatever lies around them */
static void test_limits_large(void) {
    size_t n = 11500003, i, wrong = 0;
    unsigned char *s = (unsigned char *)malloc(n), *d = (unsigned char *)malloc(n + 3);
    int16_t *a = (int16_t *)(void *)s, *b = (int16_t *)(void *)d;
    float *x;
    mv_volume from, to;
    mv_threshold_opt o = {0};
    for (i = 0; i < n; i++) s[i] = (unsigned char)t_bits();
    CHECK_OK(mv_volume_wrap(T, &from, s, MEDVOL_U8, 1, &n, NULL));
    CHECK_OK(mv_volume_wrap(T, &to, d + 3, MEDVOL_U8, 1, &n, NULL));
    CHECK_OK(mv_clamp(T, &to, &from, 50, 200));
    for (i = 0; i < n; i++) wrong += d[i + 3] != (s[i] < 50 ? 50 : s[i] > 200 ? 200 : s[i]);
    CHECK(wrong == 0);
    n /= 2;
    CHECK_OK(mv_volume_wrap(T, &from, s, MEDVOL_I16, 1, &n, NULL));
    CHECK_OK(mv_volume_wrap(T, &to, d + 2, MEDVOL_I16, 1, &n, NULL));
    CHECK_OK(mv_clamp(T, &to, &from, -500, 20000));
    for (i = 0; i < n; i++) wrong += b[i + 1] != (a[i] < -500 ? -500 : a[i] > 20000 ? 20000 : a[i]);
    CHECK(wrong == 0);
    n = 3750001;
    x = floats(n);
    for (i = 0; i < n; i++) x[i] = (float)t_uniform(-1, 1);
    x[7] = NAN, x[8] = 0.25f, x[9] = 0.5f;
    CHECK_OK(mv_volume_wrap(T, &from, x, MEDVOL_F32, 1, &n, NULL));
    CHECK_OK(mv_volume_wrap(T, &to, d + 1, MEDVOL_U8, 1, &n, NULL));
    o.binary = 1;
    CHECK_OK(mv_threshold(T, &to, &from, 0.25, 0.5, &o));
    for (i = 0; i < n; i++) wrong += d[i + 1] != (x[i] >= 0.25f && x[i] <= 0.5f);
    CHECK(wrong == 0);
    free(x);
    free(s);
    free(d);
}
/* The range of the data, its ends anywhere, NaN between */
static void test_rescale_ends(void) {
    size_t n, i, at[2];
    int way;
    for (n = 2; n < 2200; n += n == 150 ? 1900 : 1)
        for (way = 0; way < 4; way++) {
            float *x = (float *)t_guard((n + 1) * sizeof *x) + way % 2, *y = floats(n);
            for (i = 0; i < n; i++) x[i] = way < 2 && t_bits() % 8 == 0 ? NAN : (float)t_uniform(-1, 1);
            at[0] = t_bits() % n;
            at[1] = (at[0] + 1 + t_bits() % (n - 1)) % n;
            x[at[0]] = -7.0f, x[at[1]] = 9.0f;
            CHECK_OK(mv_rescale_f32(T, y, x, n, 2, 3, NULL));
            CHECK(y[at[0]] == 2.0f && y[at[1]] == 3.0f);
            for (i = 0; i < n; i++)
                if (x[i] == x[i]) CHECK_NEAR(y[i], 2 + (x[i] + 7.0) / 16, 3e-7);
                else CHECK(y[i] != y[i]);
            free(y);
            t_guard_free(x - way % 2, (n + 1) * sizeof *x);
        }
}
static void test_rescale_options(void) {
    float x[101], y[101];
    mv_rescale_opt o;
    int i;
    memset(&o, 0, sizeof o);
    for (i = 0; i <= 100; i++) x[i] = (float)(100 - i);
    o.range = MEDVOL_RANGE_PERCENTILE, o.lo = 10, o.hi = 90;
    CHECK_OK(mv_rescale_f32(T, y, x, 101, 0, 1, &o));
    CHECK_NEAR(y[0], 90.0 / 80, 1e-7);
    CHECK_NEAR(y[100], -10.0 / 80, 1e-7);
    o.clip = 1;
    CHECK_OK(mv_rescale_f32(T, y, x, 101, 0, 1, &o));
    CHECK(y[0] == 1 && y[100] == 0 && y[50] == 0.5f);
    o.range = MEDVOL_RANGE_GIVEN, o.clip = 0, o.lo = 0, o.hi = 50;
    CHECK_OK(mv_rescale_f32(T, y, x, 101, 0, 1, &o));
    CHECK(y[0] == 2 && y[100] == 0 && y[75] == 0.5f);
    o.hi = 0;
    y[0] = 42;
    CHECK_STATUS(mv_rescale_f32(T, y, x, 101, 0, 1, &o), MEDVOL_E_RANGE);
    o.hi = NAN;
    CHECK_STATUS(mv_rescale_f32(T, y, x, 101, 0, 1, &o), MEDVOL_E_RANGE);
    o.range = MEDVOL_RANGE_PERCENTILE, o.hi = 101;
    CHECK_STATUS(mv_rescale_f32(T, y, x, 101, 0, 1, &o), MEDVOL_E_RANGE);
    o.range = 3;
    CHECK_STATUS(mv_rescale_f32(T, y, x, 101, 0, 1, &o), MEDVOL_E_RANGE);
    CHECK_STATUS(mv_rescale_f32(T, y, x, 101, 1, 0, NULL), MEDVOL_E_RANGE);
    CHECK_STATUS(mv_rescale_f32(T, y, x, 101, 0, NAN, NULL), MEDVOL_E_RANGE);
    CHECK_STATUS(mv_rescale_f32(T, y, x, 101, 0, INFINITY, NULL), MEDVOL_E_RANGE);
    CHECK(y[0] == 42);
    for (i = 0; i <= 100; i++) x[i] = 5;
    x[3] = NAN, x[4] = INFINITY;
    CHECK_OK(mv_rescale_f32(T, y, x, 101, -2, 1, NULL)); /* max == min */
    CHECK(y[0] == -2 && y[3] != y[3] && y[4] == -2);
    for (i = 0; i <= 100; i++) x[i] = NAN;
    CHECK_STATUS(mv_rescale_f32(T, y, x, 101, -2, 1, NULL), MEDVOL_E_EMPTY);
}
static double ulps(float got, double want) {
    int e;
    if ((double)got == want || (got != got && want != want)) return 0;
    if (fabs(want) > FLT_MAX) return fabs(got) == INFINITY || fabs(got) == FLT_MAX ? 0 : 1e9;
    frexp(want, &e);
    return fabs((double)got - want) / ldexp(1.0, (e < -125 ? -125 : e) - 24);
}
static void test_gamma_least(void) { /* the least value stays, also where rounding to float moves it */
    double x[4] = {-28.174999999999997, -27, 0.1, 3};
    const size_t n = 4;
    mv_volume v, d;
    mv_gamma_opt o;
    memset(&o, 0, sizeof o);
    memset(&d, 0, sizeof d);
    o.mode = MEDVOL_GAMMA_NORMALISED;
    CHECK_OK(mv_volume_wrap(T, &v, x, MEDVOL_F64, 1, &n, NULL));
    CHECK_OK(mv_volume_alloc(T, &d, MEDVOL_F32, 1, &n));
    CHECK_OK(mv_gamma(T, &d, &v, 0.1, &o));
    CHECK(((const float *)d.data)[0] == (float)x[0]);
    CHECK_NEAR(((const float *)d.data)[3], x[3], 1e-5);
    mv_volume_free(T, &d);
}
static void test_gamma(void) {
    static const double gs[] = {0.5, 1, 2, 2.2, 1 / 2.4, 3, 0.01, 37.5, 7};
    enum { N = 20000 };
    static float x[N], y[N];
    double worst = 0;
    size_t g, i;
    mv_gamma_opt o;
    memset(&o, 0, sizeof o);
    for (g = 0; g < sizeof gs / sizeof *gs; g++) {
        for (i = 0; i < N; i++) {
            x[i] = (float)(i % 3 ? t_uniform(0, 2) : ldexp(t_uniform(0.5, 1), (int)(t_bits() % 270) - 145));
            if (i % 5 == 0) x[i] = (float)(1 + t_uniform(-1e-3, 1e-3));
        }
        x[0] = 0, x[1] = 1, x[2] = INFINITY, x[3] = NAN, x[4] = -3, x[5] = -0.0f, x[6] = FLT_MAX,
        x[7] = FLT_MIN, x[8] = 1e-45f;
        x[9] = -INFINITY;
        CHECK_OK(mv_gamma_f32(T, y, x, N, gs[g], NULL));
        for (i = 0; i < N; i++)
            worst = fmax(worst, ulps(y[i], x[i] != x[i] ? NAN : pow(x[i] > 0 ? x[i] : 0, gs[g])));
        o.mode = MEDVOL_GAMMA_SIGNED;
        CHECK_OK(mv_gamma_f32(T, y, x, N, gs[g], &o));
        for (i = 0; i < N; i++) {
            double size = pow(fabs(x[i]), gs[g]);
            worst = fmax(worst, ulps(y[i], x[i] != x[i] ? NAN : x[i] < 0 ? -size : size));
        }
    }
    CHECK_NEAR(worst, 0.0, 0.51);
    o.mode = MEDVOL_GAMMA_NORMALISED;
    for (i = 0; i < N; i++) x[i] = (float)t_uniform(-30, 500);
    x[17] = NAN;
    for (g = 0; g < 3; g++) {
        double mean, sd, lo, hi;
        size_t bad = 0;
        moments(x, N, &mean, &sd, &lo, &hi);
        CHECK_OK(mv_gamma_f32(T, y, x, N, gs[g], &o));
        for (i = 0; i < N; i++) {
            double w = pow((x[i] - lo) / (hi - lo + 1e-7), gs[g]) * (hi - lo) + lo;
            bad += w == w ? !(fabs(y[i] - w) < 1e-4) : y[i] == y[i];
        }
        CHECK(bad == 0);
    }
    o.mode = 3;
    CHECK_STATUS(mv_gamma_f32(T, y, x, N, 2, &o), MEDVOL_E_RANGE);
    CHECK_STATUS(mv_gamma_f32(T, y, x, N, 0, NULL), MEDVOL_E_RANGE);
    CHECK_STATUS(mv_gamma_f32(T, y, x, N, NAN, NULL), MEDVOL_E_RANGE);
    CHECK_STATUS(mv_gamma_f32(T, y, x, N, INFINITY, NULL), MEDVOL_E_RANGE);
    for (i = 1; i < 68; i++) { /* short ones, at the end of a page */
        float *p = (float *)t_guard(i * sizeof(float));
        size_t j, bad = 0;
        for (j = 0; j < i; j++) p[j] = x[j + 100] + 40;
        CHECK_OK(mv_gamma_f32(T, p, p, i, 2, NULL));
        for (j = 0; j < i; j++)
            bad += ulps(p[j], (double)(x[j + 100] + 40) * (double)(x[j + 100] + 40)) > 0.51;
        CHECK(bad == 0);
        t_guard_free(p, i * sizeof(float));
    }
}

/* ---- every result at this level and thread count is the scalar, serial one, bit for bit; any layout ---- */
static void all_results(const mv_volume *v, float *maps, size_t n, mv_statistics *s, double *p, mv_ctx *ctx) {
    mv_volume d;
    mv_gamma_opt g;
    size_t dim[3] = {61, 47, 53};
    int k;
    memset(&g, 0, sizeof g);
    CHECK_OK(mv_stats(ctx, s, v, NULL));
    CHECK_OK(mv_percentiles(ctx, p, v, qs, 9, NULL));
    for (k = 0; k < 5; k++) {
        CHECK_OK(mv_volume_wrap(ctx, &d, maps + (size_t)k * n, MEDVOL_F32, 3, dim, NULL));
        g.mode = MEDVOL_GAMMA_NORMALISED;
        CHECK_OK(k == 0   ? mv_znorm(ctx, &d, v, NULL)
                 : k == 1 ? mv_rescale(ctx, &d, v, 0, 1, NULL)
                 : k == 2 ? mv_linear(ctx, &d, v, 0.3, 0.7)
                 : k == 3 ? mv_gamma(ctx, &d, v, 0.7, NULL)
                          : mv_gamma(ctx, &d, v, 1.9, &g));
    }
}
static void test_same_bits(void) {
    size_t dim[3] = {61, 47, 53}, big[3] = {64, 47, 53}, start[3] = {2, 0, 0}, n = 61 * 47 * 53, i, k;
    float *x = floats(64 * 47 * 53), *y = floats(n), *a = floats(5 * n), *b = floats(5 * n);
    mv_volume whole, view, copy;
    mv_statistics s[2];
    double p[2][9];
    int t;
    CHECK_OK(mv_volume_wrap(T, &whole, x, MEDVOL_F32, 3, big, NULL));
    CHECK_OK(mv_volume_view(T, &view, &whole, start, dim));
    CHECK_OK(mv_volume_wrap(T, &copy, y, MEDVOL_F32, 3, dim, NULL));
    for (k = 0; k < 2; k++) {
        for (i = 0; i < 64 * 47 * 53; i++) x[i] = (float)(1000 + 300 * t_normal());
        for (i = 0; k && i < 64 * 47 * 53; i += 997) x[i] = NAN;
        CHECK_OK(mv_volume_copy(T, &copy, &view));
        all_results(&view, a, n, &s[0], p[0], T);
        mv_level_force(1);
        all_results(&copy, b, n, &s[1], p[1], T_NONE);
        mv_level_force(t_level);
        CHECK(!memcmp(a, b, 5 * n * sizeof(float)));
        CHECK(!memcmp(&s[0], &s[1], sizeof s[0]));
        CHECK(!memcmp(p[0], p[1], sizeof p[0]));
    }
    for (t = 0; t < TYPES; t++) {
        fixture f;
        mv_statistics one, two;
        fixture_make(&f, t_real_types[t], 0.3, -1, 1);
        CHECK_OK(mv_stats(T, &one, &f.v, NULL));
        mv_level_force(1);
        CHECK_OK(mv_stats(T_NONE, &two, &f.v, NULL));
        mv_level_force(t_level);
        CHECK(!memcmp(&one, &two, sizeof one));
        /* the type does not matter either */
        CHECK_OK(mv_stats_array(T, &two, f.real, MEDVOL_F64, f.n, 1, 0, NULL));
        CHECK(!memcmp(&one, &two, sizeof one));
        fixture_free(&f);
    }
    free(x), free(y), free(a), free(b);
}

/* ---- bad arguments, memory ---- */
static void test_errors(void) {
    size_t dim[2] = {4, 3}, other[2] = {3, 4}, one = 12;
    float x[12] = {0}, y[24];
    float c[24] = {0};
    mv_volume v, d, m, z, e;
    mv_statistics s;
    mv_stats_opt o;
    mv_znorm_opt zo;
    unsigned char mask[12] = {0};
    memset(&o, 0, sizeof o);
    memset(&zo, 0, sizeof zo);
    memset(&e, 0, sizeof e);
    CHECK_OK(mv_volume_wrap(T, &v, x, MEDVOL_F32, 2, dim, NULL));
    CHECK_OK(mv_volume_wrap(T, &d, y, MEDVOL_F32, 2, other, NULL));
    CHECK_OK(mv_volume_wrap(T, &z, c, MEDVOL_C64, 2, dim, NULL));
    CHECK_OK(mv_volume_wrap(T, &m, mask, MEDVOL_U8, 2, other, NULL));
    CHECK_STATUS(mv_stats(T, NULL, &v, NULL), MEDVOL_E_NULL);
    CHECK_STATUS(mv_stats(T, &s, NULL, NULL), MEDVOL_E_NULL);
    CHECK_STATUS(mv_stats(T, &s, &e, NULL), MEDVOL_E_NULL);
    CHECK_STATUS(mv_stats(T, &s, &z, NULL), MEDVOL_E_DTYPE);
    CHECK(strstr(mv_message(T), "c64") != NULL);
    o.split = 3;
    CHECK_STATUS(mv_stats(T, &s, &v, &o), MEDVOL_E_RANGE);
    o.split = -1;
    CHECK_STATUS(mv_stats(T, &s, &v, &o), MEDVOL_E_RANGE);
    o.split = 0, o.mask = &m;
    CHECK_STATUS(mv_stats(T, &s, &v, &o), MEDVOL_E_SHAPE);
    o.mask = &z;
    CHECK_STATUS(mv_stats(T, &s, &v, &o), MEDVOL_E_DTYPE);
    o.mask = NULL, o.mask8 = mask;
    CHECK_STATUS(mv_stats(T, &s, &v, &o), MEDVOL_E_RANGE);
    CHECK_STATUS(mv_stats_f32(T, &s, x, 12, &o), MEDVOL_E_EMPTY);
    o.mask = &m;
    CHECK_STATUS(mv_stats_f32(T, &s, x, 12, &o), MEDVOL_E_RANGE);
    m.ndim = 1, m.dim[0] = 4, m.dim[1] = 1; /* holds for every row: all 0 */
    o.mask8 = NULL;
    CHECK_STATUS(mv_stats(T, &s, &v, &o), MEDVOL_E_EMPTY);
    CHECK_STATUS(mv_znorm(T, NULL, &v, NULL), MEDVOL_E_NULL);
    CHECK_STATUS(mv_znorm(T, &e, NULL, NULL), MEDVOL_E_NULL);
    CHECK_STATUS(mv_znorm(T, &d, &v, NULL), MEDVOL_E_SHAPE);
    CHECK_STATUS(mv_znorm(T, &e, &z, NULL), MEDVOL_E_DTYPE);
    CHECK_STATUS(mv_znorm(T, &z, &v, NULL), MEDVOL_E_DTYPE);
    CHECK_STATUS(mv_clamp(T, NULL, &v, 0, 1), MEDVOL_E_NULL);
    CHECK_STATUS(mv_clamp(T, &e, NULL, 0, 1), MEDVOL_E_NULL);
    CHECK_STATUS(mv_clamp(T, &d, &v, 0, 1), MEDVOL_E_SHAPE);
    CHECK_STATUS(mv_linear(T, &e, &v, NAN, 0), MEDVOL_E_RANGE);
    CHECK_STATUS(mv_linear(T, &e, &v, 1, INFINITY), MEDVOL_E_RANGE);
    CHECK_STATUS(mv_threshold(T, &e, &v, 1, 0, NULL), MEDVOL_E_RANGE);
    CHECK_STATUS(mv_threshold(T, &e, &v, NAN, 0, NULL), MEDVOL_E_RANGE);
    CHECK_STATUS(mv_rescale(T, &e, &v, 1, 0, NULL), MEDVOL_E_RANGE);
    CHECK(!e.data);
    CHECK_OK(mv_volume_wrap(T, &d, x + 1, MEDVOL_F32, 1, &one, NULL)); /* overlapping */
    CHECK_OK(mv_volume_wrap(T, &v, x, MEDVOL_F32, 1, &one, NULL));
    CHECK_STATUS(mv_linear(T, &d, &v, 1, 0), MEDVOL_E_ALIAS);
}
static mv_status any_op(int op, mv_volume *d, const mv_volume *v) {
    static uint64_t counts[300];
    double p[18];
    mv_statistics s[3];
    mv_hist h;
    mv_stats_opt so;
    mv_znorm_opt zo;
    mv_rescale_opt ro;
    mv_gamma_opt go;
    memset(&h, 0, sizeof h);
    memset(&so, 0, sizeof so);
    memset(&zo, 0, sizeof zo);
    memset(&ro, 0, sizeof ro);
    memset(&go, 0, sizeof go);
    h.counts = counts, h.bins = 300;
    so.split = zo.split = ro.split = go.split = 3;
    ro.range = MEDVOL_RANGE_PERCENTILE, ro.lo = 1, ro.hi = 99;
    go.mode = MEDVOL_GAMMA_NORMALISED;
    switch (op) {
        case 0: return mv_stats(T, s, v, NULL);
        case 1: return mv_stats(T, s, v, &so);
        case 2: return mv_percentiles(T, p, v, qs, 9, NULL);
        case 3: return mv_histogram(T, &h, v, NULL);
        case 4: return mv_znorm(T, d, v, &zo);
        case 5: return mv_rescale(T, d, v, 0, 1, &ro);
        case 6: return mv_clamp(T, d, v, 0, 1);
        case 7: return mv_gamma(T, d, v, 2, &go);
        case 8: return mv_linear(T, d, v, 2, 1);
        default: return mv_threshold(T, d, v, 0, 1, NULL);
    }
}
static void test_memory(void) { /* each allocation fails once: clean status, nothing left, then it works */
    size_t dim[3] = {700, 600, 3}, n = 700 * 600 * 3, i, k;
    float *x = floats(n);
    mv_volume v, d;
    int op;
    for (i = 0; i < n; i++) x[i] = (float)t_uniform(0, 9);
    CHECK_OK(mv_volume_wrap(T, &v, x, MEDVOL_F32, 3, dim, NULL));
    for (op = 0; op < 10; op++) {
        mv_status st = MEDVOL_E_NOMEM;
        for (k = 1; k < 40 && st == MEDVOL_E_NOMEM; k++) {
            size_t before = t_live();
            memset(&d, 0, sizeof d);
            t_fail_alloc(k, 0);
            st = any_op(op, &d, &v);
            t_fail_alloc(0, 0);
            if (st < 0) CHECK(!d.data && t_live() == before);
        }
        CHECK(st == MEDVOL_OK);
        mv_volume_free(T, &d);
    }
    free(x);
}
static int stop_at_once(void *user, double done, double total, const char *label) {
    (void)total;
    (void)label;
    return done >= *(const double *)user;
}
static void test_cancel(void) {
    size_t dim[3] = {700, 600, 3}, n = 700 * 600 * 3;
    float *x = (float *)calloc(n, sizeof *x);
    double zero = 0;
    mv_volume v, d;
    int op;
    x[5] = 1;
    CHECK_OK(mv_volume_wrap(T, &v, x, MEDVOL_F32, 3, dim, NULL));
    T->desc.progress = stop_at_once;
    T->desc.progress_user = &zero;
    for (op = 0; op < 10; op++) {
        size_t before = t_live();
        memset(&d, 0, sizeof d);
        CHECK_STATUS(any_op(op, &d, &v), MEDVOL_E_CANCELLED);
        CHECK(!d.data && t_live() == before);
    }
    free(x);
}

const t_case tests_intensity[] = {
    {"stats_sizes", test_stats_sizes, 0},
    {"stats_offset", test_stats_offset, 0},
    {"stats_narrow", test_stats_narrow, 0},
    {"stats_special", test_stats_special, 0},
    {"stats_choice", test_stats_choice, 0},
    {"mask_scaled", test_mask_scaled, 0},
    {"stats_merge", test_stats_merge, 0},
    {"percentiles_choice", test_percentiles_choice, 0},
    {"percentiles_f32", test_percentiles_f32, 0},
    {"mad", test_mad, 0},
    {"percentiles_wide", test_percentiles_wide, 0},
    {"percentiles_errors", test_percentiles_errors, 0},
    {"histogram_f32", test_histogram_f32, 0},
    {"histogram_choice", test_histogram_choice, 0},
    {"histogram_array", test_histogram_array, 0},
    {"histogram_merge", test_histogram_merge, 0},
    {"otsu", test_otsu, 0},
    {"map_sizes", test_map_sizes, 0},
    {"map_types", test_map_types, 0},
    {"limits_types", test_limits_types, 0},
    {"threshold_open", test_threshold_open, 0},
    {"threshold_empty", test_threshold_empty, 0},
    {"clamp_integers", test_clamp_integers, 0},
    {"znorm_options", test_znorm_options, 0},
    {"znorm_given", test_znorm_given, 0},
    {"znorm_offset", test_znorm_offset, 0},
    {"rescale_ends", test_rescale_ends, 0},
    {"rescale_options", test_rescale_options, 0},
    {"rescale_narrow", test_rescale_narrow, 0},
    {"limits_large", test_limits_large, 0},
    {"map_flat", test_map_flat, 0},
    {"gamma_least", test_gamma_least, 0},
    {"gamma", test_gamma, 0},
    {"same_bits", test_same_bits, 0},
    {"errors", test_errors, 0},
    {"memory", test_memory, 0},
    {"cancel", test_cancel, 0},
    {NULL, NULL, 0},
};
