/* test_convert.c - conversion of every pair of real types against exact arithmetic, with and without
   scaling, in place, through views, at page borders; complex; refusals. */
#include "test.h"
#include <float.h>

static int is_int(mv_dtype t) {
    return t != MEDVOL_F16 && t != MEDVOL_BF16 && t != MEDVOL_F32 && t != MEDVOL_F64;
}

/* A real number as it is: `x`; a 64-bit integer of more than 53 bits has its magnitude in `big`, and in `x`
   its first 53 bits, the last set when any bit follows ("to odd"), so that x rounds as the number would. */
typedef struct exact {
    double x;
    uint64_t big;
} exact;
static exact exact_of(const void *p, mv_dtype t, size_t i) {
    exact e = {t_value(p, t, i), 0};
    if (t == MEDVOL_U64) e.big = ((const uint64_t *)p)[i];
    if (t == MEDVOL_I64) e.big = (uint64_t)((const int64_t *)p)[i];
    if (t == MEDVOL_I64 && e.x < 0) e.big = 0 - e.big;
    if (e.big >> 53) {
        uint64_t first = e.big;
        int shift = 0, lost = 0;
        for (; first >> 53; shift++) lost |= (int)(first & 1), first >>= 1;
        e.x = copysign(ldexp((double)(first | (uint64_t)lost), shift), e.x);
    } else e.big = 0;
    return e;
}
/* to the nearest bit pattern of a format with `mant` bits, even ones at ties */
static unsigned half_round(double x, int mant, int bias) {
    double a = fabs(x), q, r;
    unsigned sign = signbit(x) ? 0x8000u : 0;
    int e;
    if (a == 0) return sign;
    if (a > FLT_MAX * 2.0) return sign | ((unsigned)(2 * bias + 1) << mant);
    frexp(a, &e);
    if (e - 1 < 1 - bias) e = 2 - bias;
    q = ldexp(1.0, e - 1 - mant);
    r = rint(a / q) * q;
    if (r >= ldexp(1.0, bias + 1)) return sign | ((unsigned)(2 * bias + 1) << mant);
    if (r < ldexp(1.0, 1 - bias)) return sign | (unsigned)ldexp(r, bias - 1 + mant);
    frexp(r, &e);
    return sign | (unsigned)(e - 1 + bias) << mant | (unsigned)ldexp(ldexp(r, 1 - e) - 1.0, mant);
}
/* the nearest whole number from lo to hi */
static double whole(double x, double lo, double hi) {
    return x != x ? 0 : rint(x < lo ? lo : x > hi ? hi : x);
}
static uint64_t whole_u64(exact e) {
    if (e.big) return e.x < 0 ? 0 : e.big;
    return e.x >= 0x1p64 ? UINT64_MAX : e.x > 0 ? (uint64_t)rint(e.x) : 0;
}
static int64_t whole_i64(exact e) {
    if (e.x >= 0x1p63 || e.x < -0x1p63) return e.x < 0 ? INT64_MIN : INT64_MAX;
    if (!e.big) return e.x == e.x ? (int64_t)rint(e.x) : 0;
    return e.x >= 0 ? (int64_t)e.big : -(int64_t)(e.big - 1) - 1;
}
/* 1 when element i of p holds what the number e must become */
static int holds(const void *p, mv_dtype t, size_t i, exact e) {
    double x = e.x;
    switch (t) {
        case MEDVOL_U8: return ((const uint8_t *)p)[i] == whole(x, 0, 255);
        case MEDVOL_I8: return ((const int8_t *)p)[i] == whole(x, -128, 127);
        case MEDVOL_U16: return ((const uint16_t *)p)[i] == whole(x, 0, 65535);
        case MEDVOL_I16: return ((const int16_t *)p)[i] == whole(x, -32768, 32767);
        case MEDVOL_U32: return ((const uint32_t *)p)[i] == whole(x, 0, 4294967295.0);
        case MEDVOL_I32: return ((const int32_t *)p)[i] == whole(x, -2147483648.0, 2147483647.0);
        case MEDVOL_U64: return ((const uint64_t *)p)[i] == whole_u64(e);
        case MEDVOL_I64: return ((const int64_t *)p)[i] == whole_i64(e);
        case MEDVOL_F16:
        case MEDVOL_BF16: {
            unsigned h = ((const uint16_t *)p)[i];
            int mant = t == MEDVOL_F16 ? 10 : 7, bias = t == MEDVOL_F16 ? 15 : 127;
            double back = t_half(h, mant, bias);
            return x != x ? back != back : h == half_round(x, mant, bias);
        }
        case MEDVOL_F32: {
            float f = (float)x, g = ((const float *)p)[i];
            return x != x ? g != g : memcmp(&f, &g, 4) == 0;
        }
        default: {
            double f = e.big ? copysign((double)e.big, x) : x, g = ((const double *)p)[i];
            return x != x ? g != g : memcmp(&f, &g, 8) == 0;
        }
    }
}
/* any value of type t: edges, random bits, ordinary numbers */
static void put_any(void *p, mv_dtype t, size_t i) {
    uint64_t r = t_bits(), b = t_bits();
    static const double edge[] = {0.0, -0.0, 0.5, 1.5, 2.5, -0.5, -1.5, 127.5, 128.5, -128.5, 254.5, 255.5,
        32767.5, -32768.5, 65535.5, 65534.5, 65519.9, 65520.0, 2147483647.0, 2147483648.0, -2147483648.0,
        -2147483649.0, 4294967295.0, 4294967296.0, 9223372036854775808.0, -9223372036854775808.0,
        18446744073709551616.0, 9007199254740993.0, 1e30, -1e30, 1e-30, 6e-8, 3e-8, 2.9e-8, 1e39,
        3.4028235e38};
    size_t size = mv_dtype_size(t);
    double x = r % 3 == 0 ? edge[r / 3 % (sizeof edge / sizeof *edge)] : t_uniform(-70000.0, 70000.0);
    if (r % 3 == 1 || is_int(t)) {
        if (is_int(t) && r % 3 == 0)
            b = r & 8 ? (uint64_t)0 - (r >> 4) % 3
                      : (r & 16 ? (uint64_t)INT64_MAX : ((uint64_t)1 << (r >> 5) % 64) - (r >> 12) % 2);
        memcpy((char *)p + i * size, (const char *)&b + (T_BIG_ENDIAN ? 8 - size : 0), size);
        return;
    }
    if (t == MEDVOL_F32) ((float *)p)[i] = (float)x;
    else if (t == MEDVOL_F64) ((double *)p)[i] = x;
    else if (t == MEDVOL_F16) ((uint16_t *)p)[i] = (uint16_t)half_round(x, 10, 15);
    else ((uint16_t *)p)[i] = (uint16_t)half_round(x, 7, 127);
}
/* what the documentation says: exact without scaling, else in double */
static exact want(const void *p, mv_dtype t, size_t i, double slope, double inter) {
    volatile double y = t_value(p, t, i);
    exact e = {0, 0};
    if (slope == 1.0 && inter == 0.0) return exact_of(p, t, i);
    y = y * slope;
    y = y + inter;
    e.x = y;
    return e;
}
enum { M = 1200 };
static unsigned char in[M * 8 + 64], out[M * 8 + 64], keep[M * 8 + 64];

static void test_all_pairs(void) {
    static const double scale[][2] = {{1, 0}, {1, 0.5}, {0.25, -7}, {-3, 100}, {1e-3, 0}, {1e18, 0}};
    static const size_t sizes[] = {0, 1, 3, 5, 15, 16, 17, 31, 33, 511, 512, 513, M};
    size_t a, b, s, k, i, n, skew;
    for (a = 0; a < 12; a++)
        for (b = 0; b < 12; b++)
            for (s = 0; s < 6; s++) {
                k = (a + 5 * b + 7 * s + (size_t)t_threads) % 12 + 1; /* one short size and the long one */
                for (n = sizes[k];; n = M) {
                    mv_dtype ta = t_real_types[a], tb = t_real_types[b];
                    skew = (a + b + s) % 4 * mv_dtype_size(ta);
                    for (i = 0; i < n; i++) put_any(in + skew, ta, i);
                    memset(out, 0xa5, sizeof out);
                    CHECK_OK(mv_convert_array(T, out + 8, tb, in + skew, ta, n, scale[s][0], scale[s][1]));
                    for (i = 0; i < n; i++)
                        if (!CHECK(holds(out + 8, tb, i, want(in + skew, ta, i, scale[s][0], scale[s][1])))) {
                            fprintf(stderr,
                                "  %s to %s, scale %g %g, n %zu, element %zu, value %.17g gave %.17g\n",
                                mv_dtype_name(ta), mv_dtype_name(tb), scale[s][0], scale[s][1], n, i,
                                t_value(in + skew, ta, i), t_value(out + 8, tb, i));
                            return;
                        }
                    for (i = 0; i < 8; i++)
                        CHECK(out[i] == 0xa5 && out[8 + n * mv_dtype_size(tb) + i] == 0xa5);
                    if (n == M) break;
                }
            }
}
static void test_in_place(void) {
    size_t a, b, i;
    for (a = 0; a < 12; a++)
        for (b = 0; b < 12; b++) {
            mv_dtype ta = t_real_types[a], tb = t_real_types[b];
            double slope = (a + b) % 2 ? 1.0 : 0.5, inter = (a + b) % 2 ? 0.0 : 3.0;
            if (mv_dtype_size(ta) != mv_dtype_size(tb)) {
                CHECK_STATUS(mv_convert_array(T, in, tb, in, ta, 100, slope, inter), MEDVOL_E_ALIAS);
                continue;
            }
            for (i = 0; i < M; i++) put_any(in, ta, i);
            memcpy(keep, in, sizeof in);
            CHECK_OK(mv_convert_array(T, in, tb, in, ta, M, slope, inter));
            for (i = 0; i < M; i++) if (!CHECK(holds(in, tb, i, want(keep, ta, i, slope, inter)))) return;
            CHECK_STATUS(mv_convert_array(T, in + 8, tb, in, ta, 100, slope, inter), MEDVOL_E_ALIAS);
        }
}
static void test_page_borders(void) {
    size_t a, b, n, i;
    for (a = 0; a < 12; a++)
        for (b = 0; b < 12; b++)
            for (n = 1; n < 40; n += 1 + (a + b) % 3) {
                size_t na = n * mv_dtype_size(t_real_types[a]), nb = n * mv_dtype_size(t_real_types[b]);
                void *x = t_guard(na), *y = t_guard(nb);
                for (i = 0; i < n; i++) put_any(x, t_real_types[a], i);
                CHECK_OK(mv_convert_array(T, y, t_real_types[b], x, t_real_types[a], n, 1.0, 0.0));
                for (i = 0; i < n; i++) CHECK(holds(y, t_real_types[b], i, exact_of(x, t_real_types[a], i)));
                t_guard_free(x, na);
                t_guard_free(y, nb);
            }
}
/* Large enough for several jobs and for stores past the cache (more than 4 MiB); a result in the caller's
   memory and a new one. */
static void test_large(void) {
    size_t n = 1300003, i, dim = n;
    int16_t *s = (int16_t *)malloc(n * 2);
    float *f = (float *)malloc((n + 16) * 4);
    mv_volume src, fresh, mine;
    memset(&fresh, 0, sizeof fresh);
    for (i = 0; i < n; i++) s[i] = (int16_t)t_bits();
    CHECK_OK(mv_volume_wrap(T, &src, s, MEDVOL_I16, 1, &dim, NULL));
    src.slope = 0.37, src.inter = -5.0;
    CHECK_OK(mv_volume_wrap(T, &mine, f + 1, MEDVOL_F32, 1, &dim, NULL));
    f[0] = f[n + 1] = -77.0f;
    CHECK_OK(mv_convert(T, &mine, &src, MEDVOL_F32, NULL));
    CHECK_OK(mv_convert(T, &fresh, &src, MEDVOL_F32, NULL));
    for (i = 0; i < n; i++) {
        volatile double p = (double)s[i] * 0.37;
        if (!CHECK(f[i + 1] == (float)(p + -5.0) && ((float *)fresh.data)[i] == f[i + 1])) break;
    }
    CHECK(f[0] == -77.0f && f[n + 1] == -77.0f && mine.slope == 1.0 && mine.inter == 0.0);
    mv_volume_free(T, &fresh);
    free(s);
    free(f);
}
/* The same from float to integers, from other starts than that of a cache line. The values repeat: one period
   is checked by value, the rest against it. */
static void test_large_narrow(void) {
    static const mv_dtype to[] = {MEDVOL_U8, MEDVOL_I8, MEDVOL_U16, MEDVOL_I16, MEDVOL_I32};
    enum { PERIOD = 10007 };
    size_t most = 4300037, k, i;
    int scaled;
    float *f = (float *)malloc(most * 4);
    unsigned char *d = (unsigned char *)malloc(most * 2 + 256);
    for (i = 0; i < most; i++)
        if (i < PERIOD) put_any(f, MEDVOL_F32, i);
        else f[i] = f[i - PERIOD];
    for (k = 0; k < 5; k++)
        for (scaled = 0; scaled < 2; scaled++) {
            double slope = scaled ? 0.75 : 1.0, inter = scaled ? -3.25 : 0.0;
            size_t z = mv_dtype_size(to[k]), n = z == 1 ? most : most / z + 40000;
            unsigned char *o = d + (5 + 3 * k) * z;
            memset(o - 4, 0xa5, 4);
            memset(o + n * z, 0xa5, 4);
            CHECK_OK(mv_convert_array(T, o, to[k], f, MEDVOL_F32, n, slope, inter));
            for (i = 0; i < PERIOD; i++)
                if (!CHECK(holds(o, to[k], i, want(f, MEDVOL_F32, i, slope, inter)))) break;
            CHECK(!memcmp(o, o + PERIOD * z, (n - PERIOD) * z));
            for (i = 0; i < 4; i++) CHECK((o - 4)[i] == 0xa5 && o[n * z + i] == 0xa5);
        }
    free(d);
    free(f);
}
/* ---- volumes ---- */
static void test_views(void) {
    static const size_t dim[4] = {9, 7, 5, 3}, start[4] = {2, 1, 1, 1}, size[4] = {5, 4, 3, 2};
    mv_volume v, view, got;
    size_t i, j, k, l, n = 9 * 7 * 5 * 3;
    const float *g;
    int32_t *s = (int32_t *)malloc(n * 4);
    double *strided = (double *)calloc(9 * 7 * 5 * 3, 8);
    ptrdiff_t stride[4] = {1, 9, 63, 315};
    for (i = 0; i < n; i++) s[i] = (int32_t)(i * 1000003);
    CHECK_OK(mv_volume_wrap(T, &v, s, MEDVOL_I32, 4, dim, NULL));
    v.slope = 0.5, v.inter = 1.0;
    v.affine[0] = 2, v.affine[1] = 0.25, v.affine[3] = -10, v.affine[7] = 4, v.affine[10] = -3;
    CHECK_OK(mv_volume_view(T, &view, &v, start, size));
    CHECK(view.data == s + 2 + 9 * 1 + 63 * 1 + 315 * 1 && !mv_volume_contiguous(&view) &&
        mv_volume_count(&view) == 120);
    CHECK_NEAR(view.affine[3], -10 + 2 * 2 + 0.25, 0);
    CHECK_NEAR(view.affine[7], 4 + 1.0, 0);
    CHECK_NEAR(view.affine[11], -3.0, 0);
    memset(&got, 0, sizeof got);
    CHECK_OK(mv_convert(T, &got, &view, MEDVOL_F32, NULL));
    CHECK(mv_volume_contiguous(&got) && got.slope == 1.0 && got.inter == 0.0 &&
        !memcmp(got.affine, view.affine, sizeof got.affine));
    g = (const float *)got.data;
    for (l = 0; l < 2; l++)
        for (k = 0; k < 3; k++)
            for (j = 0; j < 4; j++)
                for (i = 0; i < 5; i++)
                    CHECK(*g++ ==
                        (float)(0.5 * s[(i + 2) + 9 * ((j + 1) + 7 * ((k + 1) + 5 * (l + 1)))] + 1.0));
    mv_volume_free(T, &got);
    /* into a strided destination: nothing outside the box changes */
    CHECK_OK(mv_volume_wrap(T, &got, strided + 2 + 9 + 63 + 315, MEDVOL_F64, 4, size, stride));
    CHECK_OK(mv_convert(T, &got, &view, MEDVOL_NONE, NULL));
    for (l = 0; l < 3; l++)
        for (k = 0; k < 5; k++)
            for (j = 0; j < 7; j++)
                for (i = 0; i < 9; i++) {
                    size_t e = i + 9 * (j + 7 * (k + 5 * l));
                    int inside = i >= 2 && i < 7 && j >= 1 && j < 5 && k >= 1 && k < 4 && l >= 1;
                    CHECK(strided[e] == (inside ? 0.5 * s[e] + 1.0 : 0.0));
                }
    CHECK_OK(mv_volume_copy(T, &got, &got));
    memset(&got, 0, sizeof got);
    CHECK_OK(mv_volume_copy(T, &got, &view));
    CHECK(mv_volume_contiguous(&got) && got.slope == 0.5 && got.inter == 1.0 &&
        ((int32_t *)got.data)[0] == s[2 + 9 + 63 + 315]);
    mv_volume_free(T, &got);
    free(strided);
    free(s);
}
static void test_slopes(void) {
    float f[6] = {0.0f, 1.0f, -1.0f, 2.5f, 1e9f, NAN};
    int16_t want16[6] = {-20, -10, -30, 5, 32767, 0};
    size_t dim = 6, i;
    mv_volume src, dst;
    mv_convert_opt opt;
    memset(&opt, 0, sizeof opt);
    memset(&dst, 0, sizeof dst);
    CHECK_OK(mv_volume_wrap(T, &src, f, MEDVOL_F32, 1, &dim, NULL));
    opt.slope = 0.1, opt.inter = 2.0;
    CHECK_OK(mv_convert(T, &dst, &src, MEDVOL_I16, &opt));
    for (i = 0; i < 6; i++) CHECK(((int16_t *)dst.data)[i] == want16[i]);
    CHECK(dst.slope == 0.1 && dst.inter == 2.0);
    /* stored numbers as they are, scaling carried */
    memset(&opt, 0, sizeof opt);
    opt.keep_scaling = 1;
    CHECK_OK(mv_convert(T, &dst, &dst, MEDVOL_U16, &opt));
    CHECK(((uint16_t *)dst.data)[0] == 0 && ((uint16_t *)dst.data)[3] == 5 && dst.slope == 0.1 &&
        dst.inter == 2.0 && dst.dtype == MEDVOL_U16);
    /* applied; type changes size, so dst == src gets new memory */
    CHECK_OK(mv_convert(T, &dst, &dst, MEDVOL_F64, NULL));
    CHECK_NEAR(((double *)dst.data)[3], 2.5, 1e-15);
    CHECK(dst.slope == 1.0 && dst.inter == 0.0);
    mv_volume_free(T, &dst);
    for (i = 0; i < 7; i++) { /* slopes that a file may hold and that mean none, and intercepts */
        static const double none[4] = {0.0, NAN, HUGE_VAL, -HUGE_VAL};
        src.slope = i < 4 ? none[i] : 2.0, src.inter = i < 4 ? 5.0 : none[i - 3];
        CHECK_OK(mv_convert(T, &dst, &src, MEDVOL_F64, NULL));
        CHECK(((double *)dst.data)[3] == 2.5);
        mv_volume_free(T, &dst);
    }
    src.slope = 1.0, src.inter = 0.0;
    memset(&opt, 0, sizeof opt);
    opt.slope = NAN;
    CHECK_STATUS(mv_convert(T, &dst, &src, MEDVOL_I16, &opt), MEDVOL_E_RANGE);
    opt.slope = 1.0, opt.inter = HUGE_VAL;
    CHECK_STATUS(mv_convert(T, &dst, &src, MEDVOL_I16, &opt), MEDVOL_E_RANGE);
    opt.slope = 5e-324, opt.inter = 0.0;
    CHECK_STATUS(mv_convert(T, &dst, &src, MEDVOL_I16, &opt), MEDVOL_E_RANGE);
    opt.slope = 1.7e308, src.slope = 1e-300;
    CHECK_STATUS(mv_convert(T, &dst, &src, MEDVOL_I16, &opt), MEDVOL_E_RANGE);
    src.slope = 1.0, opt.slope = 2.0;
    CHECK_STATUS(mv_convert(T, &dst, &src, MEDVOL_F32, &opt), MEDVOL_E_RANGE);
    opt.keep_scaling = 1;
    CHECK_STATUS(mv_convert(T, &dst, &src, MEDVOL_I16, &opt), MEDVOL_E_RANGE);
    CHECK(dst.data == NULL);
}
static void test_other_types(void) {
    static const mv_dtype odd[] = {
        MEDVOL_C64, MEDVOL_C128, MEDVOL_RGB24, MEDVOL_RGBA32, MEDVOL_F128, MEDVOL_C256};
    float c[2 * 70];
    size_t dim[2] = {35, 2}, i, k;
    unsigned char raw[64 * 3];
    mv_volume v, w;
    memset(&w, 0, sizeof w);
    for (i = 0; i < 140; i++) c[i] = (float)i * 0.5f;
    CHECK_OK(mv_volume_wrap(T, &v, c, MEDVOL_C64, 2, dim, NULL));
    CHECK_OK(mv_convert(T, &w, &v, MEDVOL_C128, NULL));
    for (i = 0; i < 140; i++) CHECK(((double *)w.data)[i] == c[i]);
    w.slope = 2.0, w.inter = 1.0; /* both parts are scaled */
    CHECK_OK(mv_convert(T, &w, &w, MEDVOL_C64, NULL));
    for (i = 0; i < 140; i++) CHECK(((float *)w.data)[i] == c[i] * 2.0f + 1.0f);
    CHECK(w.slope == 1.0 && w.inter == 0.0);
    mv_volume_free(T, &w);
    for (i = 0; i < sizeof raw; i++) raw[i] = (unsigned char)(i * 7);
    for (i = 0; i < 6; i++) {
        dim[0] = 3, dim[1] = 2;
        CHECK_OK(mv_volume_wrap(T, &v, raw, odd[i], 2, dim, NULL));
        v.slope = 3.0;
        CHECK_OK(mv_volume_copy(T, &w, &v));
        CHECK(!memcmp(w.data, raw, 6 * mv_dtype_size(odd[i])) && w.slope == 3.0);
        mv_volume_free(T, &w);
        if (i >= 2) {
            CHECK_OK(mv_convert(T, &w, &v, MEDVOL_NONE, NULL));
            CHECK(!memcmp(w.data, raw, 6 * mv_dtype_size(odd[i])));
            mv_volume_free(T, &w);
        }
        for (k = 0; k < 12; k++) {
            CHECK_STATUS(mv_convert(T, &w, &v, t_real_types[k], NULL), MEDVOL_E_DTYPE);
            CHECK_STATUS(mv_convert_array(T, raw, odd[i], c, t_real_types[k], 1, 1, 0), MEDVOL_E_DTYPE);
        }
        for (k = 0; k < 6; k++)
            if (k != i && !(i < 2 && k < 2))
                CHECK_STATUS(mv_convert(T, &w, &v, odd[k], NULL), MEDVOL_E_DTYPE);
        CHECK_STATUS(mv_convert(T, &w, &v, (mv_dtype)7, NULL), MEDVOL_E_DTYPE);
    }
}

/* a signalling NaN comes out quiet at every level, also where a compiler drops the way through double */
static void bf16_nans(void) {
    uint16_t half[0x7f];
    uint32_t bits[0x7f];
    size_t i, n = sizeof half / sizeof *half;
    for (i = 0; i < n; i++) half[i] = (uint16_t)(0x7f81u + i);
    CHECK_OK(mv_convert_array(T, bits, MEDVOL_F32, half, MEDVOL_BF16, n, 0, 0));
    for (i = 0; i < n; i++) CHECK((bits[i] & 0x7fc00000u) == 0x7fc00000u);
}

const t_case tests_convert[] = {
    {"all_pairs", test_all_pairs, 0},
    {"in_place", test_in_place, 0},
    {"page_borders", test_page_borders, 0},
    {"large", test_large, 0},
    {"large_narrow", test_large_narrow, 0},
    {"views", test_views, 0},
    {"slopes", test_slopes, 0},
    {"other_types", test_other_types, 0},
    {"bf16_nans", bf16_nans, 0},
    {NULL, NULL, 0},
};
