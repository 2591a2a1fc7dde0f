/* test_vocabulary.c - every word of the vocabulary at every level against plain C, and the private helpers of
   [BASE]: half precision, the message formatter, checked sizes, memory. This unit holds its own static copy
   of the core. */
#define MEDVOL_STATIC
#define MEDVOL_IMPLEMENTATION
#define MEDVOL_EXTRA "tests/vocabulary.h"
#define MEDVOL_NO_GZIP
#define MEDVOL_NO_IO
#define MEDVOL_NO_INTENSITY
#define MEDVOL_NO_SPATIAL
#define MEDVOL_NO_RESAMPLE
#define MEDVOL_NO_LINALG
#define MEDVOL_NO_KSPACE
#define MEDVOL_NO_COILS
#define MEDVOL_NO_GRAPPA
#define MEDVOL_NO_SENSE
#define MEDVOL_NO_TRAJECTORY
#define MEDVOL_NO_NUFFT
#define MEDVOL_NO_ITERATE
#define MEDVOL_NO_FILTER
#define MEDVOL_NO_FIELD
#define MEDVOL_NO_MEASURE
#define MEDVOL_NO_STATS
#define MEDVOL_NO_REGISTER
#define MEDVOL_NO_FLOW
#define MEDVOL_NO_NEAREST
#define MEDVOL_NO_LANDMARK
#define MEDVOL_NO_LAYER
#define MEDVOL_NO_CACHE
#define MEDVOL_NO_TRANSPORT
#define MEDVOL_NO_FFT
#include "test.h"

enum { N = 2048 };
static float fa[N], fb[N], fc[N], fd[N], fe[N];
static int32_t ia[N], ib[N], id[N], ie[N];
static double da[N], db[N], dd[N], de[N];

static uint32_t bits_of(float x) {
    uint32_t b;
    memcpy(&b, &x, 4);
    return b;
}
static float float_of(uint32_t b) {
    float x;
    memcpy(&x, &b, 4);
    return x;
}
static int same_f(float a, float b) { return bits_of(a) == bits_of(b) || (a != a && b != b); }
static int same_d(double a, double b) { return memcmp(&a, &b, 8) == 0 || (a != a && b != b); }
static float any_float(void) {
    static const uint32_t edge[] = {0, 0x80000000u, 1, 0x80000001u, 0x7fffff, 0x800000, 0x3f800000,
        0xbf800000u, 0x3f000000, 0xbf000000u, 0x3fc00000, 0xbfc00000u, 0x40200000, 0x4b000000, 0xcb000000u,
        0x4affffff, 0xcaffffffu, 0x4b000001, 0x4f000000, 0xcf000000u, 0x4effffff, 0x5f000000, 0x7f7fffff,
        0xff7fffffu, 0x7f800000, 0xff800000u, 0x7fc00000, 0xffc00001u, 0x7f800001, 0x3effffff, 0x3f000001,
        0x477fe000, 0x477ff000, 0x33000000, 0x33000001, 0x387fc000, 0x38800000};
    uint64_t r = t_bits();
    if (r % 4 == 0) return float_of(edge[r / 4 % (sizeof edge / sizeof *edge)]);
    if (r % 4 == 1) return float_of((uint32_t)(r >> 32));
    if (r % 4 == 2) return (float)((double)(int64_t)(r >> 40) * 0.25 - 2000000.0);
    return (float)t_uniform(-300.0, 300.0);
}
static int32_t any_int(void) {
    static const int32_t edge[] = {0, 1, -1, 127, 128, -128, -129, 255, 256, 32767, 32768, -32768, -32769,
        65535, 65536, 0x7fffffff, -0x7fffffff - 1, 0x7ffffffe, -0x7fffffff, 0x10000, 0x8000};
    uint64_t r = t_bits();
    if (r % 3 == 0) return edge[r / 3 % (sizeof edge / sizeof *edge)];
    if (r % 3 == 1) return (int32_t)(r >> 32);
    return (int32_t)(r >> 47) - 65536;
}
static double any_double(void) {
    static const double edge[] = {0.0, -0.0, 0.5, -0.5, 1.5, 2.5, -2.5, 4503599627370495.5,
        4503599627370496.0, 4503599627370497.0, -4503599627370495.5, 9007199254740993.0, 0.49999999999999994,
        1e300, -1e300, 4.9e-324, HUGE_VAL, -HUGE_VAL};
    uint64_t r = t_bits();
    double x;
    if (r % 4 == 0) return edge[r / 4 % (sizeof edge / sizeof *edge)];
    if (r % 4 == 1) {
        r = t_bits();
        memcpy(&x, &r, 8);
        return x;
    }
    return t_uniform(-1e6, 1e6);
}
static void fill(void) {
    size_t i;
    mv_level_force(t_level);
    for (i = 0; i < N; i++) {
        fa[i] = any_float(), fb[i] = i % 7 ? any_float() : fa[i], fc[i] = any_float();
        ia[i] = any_int(), ib[i] = i % 7 ? any_int() : ia[i];
        da[i] = any_double(), db[i] = i % 7 ? any_double() : da[i];
    }
}
#define EACH(call, ok)                                                                                       \
    do {                                                                                                     \
        call;                                                                                                \
        for (i = 0; i < N; i++)                                                                              \
            if (!CHECK(ok)) { fprintf(stderr, "  word of " #call ", element %zu\n", i); break; }             \
    } while (0)
#define F2(word, want) EACH(MV__PICK(vk_##word)(fd, fa, fb, N), same_f(fd[i], (float)(want)))
#define F1(word, want) EACH(MV__PICK(vk_##word)(fd, fa, N), same_f(fd[i], (float)(want)))
#define I2(word, want) EACH(MV__PICK(vk_##word)(id, ia, ib, N), id[i] == (int32_t)(want))
#define D2(word, want) EACH(MV__PICK(vk_##word)(dd, da, db, N), same_d(dd[i], want))

static void test_float_words(void) {
    size_t i;
    fill();
    F2(f_add, fa[i] + fb[i]);
    F2(f_sub, fa[i] - fb[i]);
    F2(f_mul, fa[i] * fb[i]);
    F2(f_div, fa[i] / fb[i]);
    EACH(MV__PICK(vk_f_min)(fd, fa, fb, N), bits_of(fd[i]) == bits_of(fa[i] < fb[i] ? fa[i] : fb[i]));
    EACH(MV__PICK(vk_f_max)(fd, fa, fb, N), bits_of(fd[i]) == bits_of(fa[i] > fb[i] ? fa[i] : fb[i]));
    F1(f_sqrt, sqrt((double)fa[i]));
    EACH(MV__PICK(vk_f_abs)(fd, fa, N), bits_of(fd[i]) == (bits_of(fa[i]) & 0x7fffffffu));
    EACH(MV__PICK(vk_f_neg)(fd, fa, N), bits_of(fd[i]) == (bits_of(fa[i]) ^ 0x80000000u));
    F1(f_floor, floor((double)fa[i]));
    F1(f_round, rint((double)fa[i]));
    EACH(MV__PICK(vk_f_copy)(fd, fa, N), bits_of(fd[i]) == bits_of(fa[i]));
    F2(f_lt, fa[i] < fb[i]);
    F2(f_le, fa[i] <= fb[i]);
    F2(f_gt, fa[i] > fb[i]);
    F2(f_ge, fa[i] >= fb[i]);
    F2(f_eq, fa[i] == fb[i]);
    F1(f_isnan, fa[i] != fa[i]);
    EACH(MV__PICK(vk_f_sel)(fd, fa, fb, N), bits_of(fd[i]) == bits_of(fa[i] < fb[i] ? fa[i] : fb[i]));
    F2(m_and, fa[i] < fb[i] && fa[i] > 0);
    F2(m_or, fa[i] < fb[i] || fa[i] > 0);
    F2(m_not, !(fa[i] < fb[i]));
}
#ifdef _WIN32 /* the C library of MinGW rounds a fused sum twice: in double, to odd, then to float */
static float one_rounding(float a, float b, float c) {
    double p = (double)a * b, s = p + c, back = s - p, rest = (p - (s - back)) + (c - back);
    uint64_t bits;
    memcpy(&bits, &s, 8);
    if (isfinite(s) && rest != 0 && !(bits & 1)) bits = (rest > 0) == (s > 0) ? bits + 1 : bits - 1;
    memcpy(&s, &bits, 8);
    return (float)s;
}
#  define fmaf one_rounding
#endif
static void test_mad(void) { /* fused or not, nothing else */
    size_t i;
    fill();
    MV__PICK(vk_f_mad)(fd, fe, fa, fb, fc, N);
    for (i = 0; i < N; i++) {
        volatile float p = fa[i] * fb[i];
        float plain = p + fc[i], minus = fc[i] - p;
        float one = fmaf(fa[i], fb[i], fc[i]), two = fmaf(-fa[i], fb[i], fc[i]);
        int fused = t_level >= 3;
        if (!CHECK(same_f(fd[i], fused ? one : plain) && same_f(fe[i], fused ? two : minus))) break;
    }
#ifndef _WIN32 /* whose fma rounds twice */
    MV__PICK(vk_d_mad)(dd, de, da, db, da, N);
    for (i = 0; i < N; i++) {
        volatile double p = da[i] * db[i];
        double plain = p + da[i], minus = da[i] - p;
        double one = fma(da[i], db[i], da[i]), two = fma(-da[i], db[i], da[i]);
        int fused = t_level >= 3;
        if (!CHECK(same_d(dd[i], fused ? one : plain) && same_d(de[i], fused ? two : minus))) break;
    }
#endif
}
/* complex numbers apart, each in its lane, and together again */
static void test_split(void) {
    size_t k, n, lane;
    fill();
    n = (size_t)MV__PICK(vk_f_split)(fc, fd, fe, fa);
    for (k = 0; k < n; k++) {
        lane = n == 1 ? 0 : k % (n / 2) / 2 * 4 + k / (n / 2) * 2 + k % 2;
        CHECK(bits_of(fc[lane]) == bits_of(fa[2 * k]) && bits_of(fd[lane]) == bits_of(fa[2 * k + 1]));
        CHECK(bits_of(fe[2 * k]) == bits_of(fa[2 * k]) && bits_of(fe[2 * k + 1]) == bits_of(fa[2 * k + 1]));
    }
    n = (size_t)MV__PICK(vk_d_split)(dd, dd + 16, de, da);
    for (k = 0; k < n; k++) {
        lane = n == 1 ? 0 : k % (n / 2) * 2 + k / (n / 2);
        CHECK(same_d(dd[lane], da[2 * k]) && same_d(dd[16 + lane], da[2 * k + 1]));
        CHECK(same_d(de[2 * k], da[2 * k]) && same_d(de[2 * k + 1], da[2 * k + 1]));
    }
}
static void test_lanes(void) {
    size_t i, k, w = (size_t)MV__PICK(vk_transpose)(fd, fa), n;
    fill();
    MV__PICK(vk_transpose)(fd, fa);
    for (i = 0; i < w; i++)
        for (k = 0; k < w; k++) CHECK(bits_of(fd[i * w + k]) == bits_of(fa[k * w + i]));
    MV__PICK(vk_f_rev)(fd, fa, N);
    for (i = 0; i < N; i++) CHECK(bits_of(fd[i]) == bits_of(fa[i / w * w + w - 1 - i % w]));
    MV__PICK(vk_i_iota)(id);
    for (i = 0; i < w; i++) CHECK(id[i] == (int32_t)i);
    for (i = 0; i + w <= N; i += w) {
        unsigned want = 0;
        for (k = 0; k < w; k++) want |= (unsigned)(fa[i + k] < fb[i + k]) << k;
        CHECK(MV__PICK(vk_m_bits)(fa + i, fb + i) == want);
    }
    for (n = 0; n < w; n++) {
        float *edge = (float *)t_guard(n * 4), *out = (float *)t_guard((16 + n) * 4);
        for (k = 0; k < n; k++) edge[k] = (float)k + 1.0f;
        for (k = 0; k < 16 + n; k++) out[k] = -7.0f;
        MV__PICK(vk_f_part)(out, edge, n);
        for (k = 0; k < w; k++) CHECK(out[k] == (k < n ? (float)k + 1.0f : 0.0f));
        for (k = 0; k < n; k++) CHECK(out[16 + k] == (float)k + 1.0f);
        t_guard_free(edge, n * 4);
        t_guard_free(out, (16 + n) * 4);
    }
    {
        float *block = (float *)t_guard(N * 4);
        MV__PICK(vk_f_stream)(block, fa, N); /* N * 4 bytes end on a page, so the block starts on one */
        for (i = 0; i < N; i++) CHECK(bits_of(block[i]) == bits_of(fa[i]));
        t_guard_free(block, N * 4);
    }
    for (i = 0; i < N; i++) ia[i] = (int32_t)(t_bits() % N) - N / 2;
    EACH(MV__PICK(vk_f_gather)(fd, fb + N / 2, ia, N), bits_of(fd[i]) == bits_of(fb[N / 2 + ia[i]]));
    for (i = 0; i < N; i++) ia[i] = (int32_t)(t_bits() % (N - 1)) - N / 2;
    EACH(MV__PICK(vk_f_gather2)(fd, fc, fb + N / 2, ia, N),
         bits_of(fd[i]) == bits_of(fb[N / 2 + ia[i]]) && bits_of(fc[i]) == bits_of(fb[N / 2 + ia[i] + 1]));
    {
        size_t lanes = MV__PICK(vk_f_perm)(fd, fc, fa, fb, ia);
        for (i = 0; i < lanes; i++) {
            size_t k1 = (size_t)ia[i] % lanes, k2 = (size_t)ia[i] % (2 * lanes);
            CHECK(bits_of(fd[i]) == bits_of(fa[k1]) &&
                bits_of(fc[i]) == bits_of(k2 < lanes ? fa[k2] : fb[k2 - lanes]));
        }
    }
    for (i = 0; i < 16; i++) fa[i] = (float)i - 7.0f; /* exact with and without FMA */
    MV__PICK(vk_four)(fd, fa);
    for (i = 0; i < 16; i++) CHECK(fd[i % 4 * 4 + i / 4] == 2.0f * fa[i] * fa[i] + 2.0f * fa[i]);
    CHECK(MV__PICK(vk_masks)(fa, fb, da, db));
    {
        double *block = (double *)t_guard(N * 8);
        size_t half = MV__PICK(vk_d_lanes)(dd, block, da, N);
        for (i = 0; i < N; i++)
            CHECK(same_d(dd[i], da[i / half * half + half - 1 - i % half]) && same_d(block[i], da[i]));
        MV__PICK(vk_d_transpose)(dd, da);
        for (i = 0; i < half; i++)
            for (k = 0; k < half; k++) CHECK(same_d(dd[i * half + k], da[k * half + i]));
        t_guard_free(block, N * 8);
    }
}
static void test_int_words(void) {
    static int32_t room[N + 16];
    size_t i;
    fill();
    I2(i_add, (uint32_t)ia[i] + (uint32_t)ib[i]);
    I2(i_sub, (uint32_t)ia[i] - (uint32_t)ib[i]);
    I2(i_mul, (uint32_t)((uint64_t)(uint32_t)ia[i] * (uint32_t)ib[i]));
    I2(i_min, ia[i] < ib[i] ? ia[i] : ib[i]);
    I2(i_max, ia[i] > ib[i] ? ia[i] : ib[i]);
    I2(i_and, ia[i] & ib[i]);
    I2(i_or, ia[i] | ib[i]);
    I2(i_xor, ia[i] ^ ib[i]);
    I2(i_sll, (uint32_t)ia[i] << 5);
    I2(i_srl, (uint32_t)ia[i] >> 7);
    I2(i_sra, floor((double)ia[i] / 128.0));
    I2(i_eq, ia[i] == ib[i]);
    I2(i_gt, ia[i] > ib[i]);
    I2(i_sel, ia[i] > ib[i] ? ia[i] : ib[i]);
    {
        int32_t *to = (int32_t *)(((uintptr_t)room + 63) & ~(uintptr_t)63);
        MV__PICK(vk_i_stream)(to, ia, N);
        CHECK(!memcmp(to, ia, N * sizeof *to));
    }
    EACH(MV__PICK(vk_f_fromi)(fd, ia, N), same_f(fd[i], (float)ia[i]));
    EACH(MV__PICK(vk_f_bits)(id, fe, fa, N),
        (uint32_t)id[i] == bits_of(fa[i]) && bits_of(fe[i]) == (bits_of(fa[i]) ^ 0x80000000u));
}
static void test_float_to_int(void) {
    size_t i;
    int neon = !strcmp(mv_level_name(2), "neon") && t_level > 1;
    fill();
    MV__PICK(vk_i_trunc)(id, ie, fa, N);
    for (i = 0; i < N; i++) {
        int in = fa[i] >= -2147483648.0f && fa[i] < 2147483648.0f;
        if (!in && neon) continue;
        CHECK(id[i] == (in ? (int32_t)fa[i] : -0x7fffffff - 1));
        CHECK(ie[i] == (in ? (int32_t)rint((double)fa[i]) : -0x7fffffff - 1));
    }
}
#define NARROW(name, T, lo, hi)                                                                              \
    do {                                                                                                     \
        static T a[N], d[N];                                                                                 \
        size_t k;                                                                                            \
        for (k = 0; k < N; k++) a[k] = (T)t_bits();                                                          \
        EACH(MV__PICK(vk_load_##name)(id, a, N), id[i] == (int32_t)a[i]);                                    \
        EACH(MV__PICK(vk_store_##name)(d, ia, N),                                                            \
            (int32_t)d[i] == (ia[i] < lo ? lo : ia[i] > hi ? hi : ia[i]));                                   \
    } while (0)
static void test_narrow(void) {
    size_t i;
    fill();
    NARROW(u8, uint8_t, 0, 255);
    NARROW(i8, int8_t, -128, 127);
    NARROW(u16, uint16_t, 0, 65535);
    NARROW(i16, int16_t, -32768, 32767);
}
/* Every word of narrow values but at the scalar level, which has none */
#define WITHIN(D, word, T, want)                                                                             \
    do {                                                                                                     \
        static T a[N], b[N];                                                                                 \
        static D d[N];                                                                                       \
        const int has = mv_level() > 1;                                                                      \
        size_t k;                                                                                            \
        for (k = 0; k < N; k++) a[k] = (T)t_bits(), b[k] = (T)(k % 5 ? t_bits() : (uint64_t)a[k]);           \
        a[6] = b[6] = a[7] = b[7] = (T)-32768; /* the one product sum that has no sign */                    \
        CHECK(MV__PICK(vk_##word)(d, a, b, N) == has);                                                       \
        for (i = 0; has && i < N * sizeof(T) / sizeof(D); i++) CHECK(d[i] == (want));                        \
    } while (0)
#define PACK(name, T, lo, hi)                                                                                \
    do {                                                                                                     \
        static T d[N];                                                                                       \
        const int has = mv_level() > 1;                                                                      \
        CHECK(MV__PICK(vk_pack_##name)(d, ia, N) == has);                                                    \
        for (i = 0; has && i < N; i++) CHECK((int32_t)d[i] == (ia[i] < lo ? lo : ia[i] > hi ? hi : ia[i]));  \
    } while (0)
static void test_within(void) {
    size_t i;
    fill();
    WITHIN(int32_t, dot_i16, int16_t, (int32_t)(uint32_t)((int64_t)a[2 * i] * b[2 * i] +
        (int64_t)a[2 * i + 1] * b[2 * i + 1]));
    WITHIN(uint8_t, min_u8, uint8_t, a[i] < b[i] ? a[i] : b[i]);
    WITHIN(uint8_t, max_u8, uint8_t, a[i] > b[i] ? a[i] : b[i]);
    WITHIN(int16_t, min_i16, int16_t, a[i] < b[i] ? a[i] : b[i]);
    WITHIN(int16_t, max_i16, int16_t, a[i] > b[i] ? a[i] : b[i]);
    PACK(u8, uint8_t, 0, 255);
    PACK(i8, int8_t, -128, 127);
    PACK(u16, uint16_t, 0, 65535);
    PACK(i16, int16_t, -32768, 32767);
}
static void test_double_words(void) {
    size_t i;
    fill();
    D2(d_add, da[i] + db[i]);
    D2(d_sub, da[i] - db[i]);
    D2(d_mul, da[i] * db[i]);
    D2(d_div, da[i] / db[i]);
    D2(d_min, da[i] < db[i] ? da[i] : db[i]);
    D2(d_max, da[i] > db[i] ? da[i] : db[i]);
    D2(d_sqrt, sqrt(da[i]));
    D2(d_round, rint(da[i]));
    D2(d_pow2, ldexp(1.0, (int)rint(da[i] > -1022 ? da[i] < 1023 ? da[i] : 1023 : -1022)));
    D2(d_lt, da[i] < db[i] ? 1.0 : 0.0);
    D2(d_le, da[i] <= db[i] ? 1.0 : 0.0);
    D2(d_eq, da[i] == db[i] ? 1.0 : 0.0);
    D2(d_isnan, da[i] != da[i] ? 1.0 : 0.0);
    D2(d_sel, da[i] < db[i] ? da[i] : db[i]);
    EACH(MV__PICK(vk_d_halves)(db, dd, fe, de, ie, fa, ia, N),
        same_d(db[i], (double)fa[i]) && same_d(dd[i], (double)fa[i]) && same_f(fe[i], fa[i]) &&
            de[i] == (double)ia[i] && ie[i] == ia[i]);
}

/* ---- half precision: every bit pattern up, and rounding down against arithmetic on doubles ---- */
static unsigned half_round(double x, int mant, int bias) { /* nearest even; not NaN */
    double a = fabs(x), q, r;
    unsigned sign = signbit(x) ? 0x8000u : 0;
    int e;
    if (a == 0) return sign;
    frexp(a, &e);
    if (e - 1 < 1 - bias) e = 2 - bias;
    q = ldexp(1.0, e - 1 - mant);
    r = rint(a / q) * q;
    if (r >= ldexp(1.0, bias + 1)) return sign | ((unsigned)(2 * bias + 1) << mant);
    if (r < ldexp(1.0, 1 - bias)) return sign | (unsigned)ldexp(r, bias - 1 + mant);
    frexp(r, &e);
    return sign | (unsigned)(e - 1 + bias) << mant | (unsigned)ldexp(ldexp(r, 1 - e) - 1.0, mant);
}
static void test_half_up(void) {
    unsigned h, k;
    static uint16_t in[16];
    float out[16];
    mv_level_force(t_level);
    for (h = 0; h < 65536; h += 16) {
        for (k = 0; k < 16; k++) in[k] = (uint16_t)(h + k);
        MV__PICK(vk_load_f16)(out, in, 16);
        for (k = 0; k < 16; k++) {
            unsigned p = h + k, nan = (p & 0x7c00u) == 0x7c00u && (p & 0x3ffu);
            float one = mv__f16_to_f32((uint16_t)p);
            if ((p & 0x7fffu) == 0x7c00u) CHECK(out[k] == (p & 0x8000u ? -HUGE_VALF : HUGE_VALF));
            else if (nan) CHECK(out[k] != out[k] && (bits_of(out[k]) & 0x400000u));
            else CHECK((double)out[k] == t_half(p, 10, 15) && (signbit(out[k]) != 0) == p >> 15);
            CHECK(bits_of(one) == bits_of(out[k]));
        }
        MV__PICK(vk_load_bf16)(out, in, 16);
        for (k = 0; k < 16; k++) { /* a vector's signalling NaNs grow quiet on their way through double */
            unsigned p = h + k, quiet = (p & 0x7fffu) > 0x7f80u ? p | 0x40u : p;
            CHECK((bits_of(out[k]) == p << 16 || bits_of(out[k]) == quiet << 16) &&
                bits_of(mv__bf16_to_f32(in[k])) == quiet << 16);
        }
    }
}
static void down(const float *x) { /* 16 values */
    uint16_t h[16], b[16];
    int k;
    MV__PICK(vk_store_f16)(h, x, 16);
    MV__PICK(vk_store_bf16)(b, x, 16);
    for (k = 0; k < 16; k++) {
        uint32_t u = bits_of(x[k]);
        int ok;
        if (x[k] != x[k])
            ok = h[k] == (u >> 16 & 0x8000u) + 0x7e00u + (u >> 13 & 0x1ffu) && b[k] == (u >> 16 | 0x40u);
        else ok = h[k] == half_round(x[k], 10, 15) && b[k] == half_round(x[k], 7, 127);
        ok = ok && h[k] == mv__f32_to_f16(x[k]) && b[k] == mv__f32_to_bf16(x[k]);
        if (!CHECK(ok)) fprintf(stderr, "  bits %08x: f16 %04x, bf16 %04x\n", (unsigned)u, h[k], b[k]);
    }
}
static void test_half_down(void) {
    float x[16];
    unsigned h;
    int k, i, n = t_threads == 1 ? 60000 : 1000;
    mv_level_force(t_level);
    for (h = 0; h < 65536; h++) { /* each value, half way to the next one, and the floats around both */
        uint32_t f = bits_of(mv__f16_to_f32((uint16_t)h));
        for (k = 0; k < 5; k++) x[k] = float_of(f + (uint32_t)k - 2u);
        if ((f & 0x7fffffffu) >= 0x38800000u) f += 0x1000u;
        else f = bits_of((float)(t_half(h & 0x7fffu, 10, 15) + ldexp(1.0, -25)));
        for (k = 0; k < 5; k++) x[5 + k] = float_of(f + (uint32_t)k - 2u);
        f = (uint32_t)h << 16;
        for (k = 0; k < 3; k++) x[10 + k] = float_of(f + (uint32_t)k);
        for (k = 0; k < 3; k++) x[13 + k] = float_of(f + 0x7fffu + (uint32_t)k);
        down(x);
    }
    for (i = 0; i < n; i++) {
        for (k = 0; k < 16; k++)
            x[k] = k % 2 ? float_of((uint32_t)t_bits())
                         : (float)ldexp(t_uniform(-2, 2), (int)(t_bits() % 45) - 27);
        down(x);
    }
}
static void test_round_to_odd(void) { /* double -> float to odd -> f16 is one rounding */
    int i;
    for (i = 0; i < 200000; i++) {
        double x = ldexp(t_uniform(-2, 2), (int)(t_bits() % 45) - 27);
        if (i % 3 == 0)
            x = t_half((unsigned)(t_bits() % 0x7c00u), 10, 15) +
                ldexp(1.0, -25) * (double)(t_bits() % 3) + ldexp(1.0, -60);
        if (!CHECK(mv__f32_to_f16(mv__cv_odd(x)) == half_round(x, 10, 15))) break;
        x = ldexp(x, (int)(t_bits() % 240) - 120);
        if (!CHECK(mv__f32_to_bf16(mv__cv_odd(x)) == half_round(x, 7, 127))) break;
    }
}

/* ---- messages ---- */
static void test_format(void) {
    static const struct { double x; const char *want; } row[] = {
        {0.0, "0"}, {-0.0, "0"}, {1.0, "1"}, {-1.0, "-1"}, {348.0, "348"}, {0.5, "0.5"}, {0.1, "0.1"},
        {-0.25, "-0.25"}, {100.5, "100.5"}, {123456.7, "123457"}, {12345.67, "12345.7"}, {99999.99, "100000"},
        {999999.9, "1e6"}, {1234567.5, "1.23457e6"}, {1e15, "1e15"}, {999999999999999.0, "999999999999999"},
        {1e16, "1e16"}, {1.5e300, "1.5e300"}, {1.7976931348623157e308, "1.79769e308"},
        {2.2250738585072014e-308, "2.22507e-308"}, {4.9406564584124654e-324, "4.94066e-324"},
        {0.0001, "0.0001"}, {0.00012345678, "0.000123457"}, {0.00001, "1e-5"}, {0.00009999999, "0.0001"},
        {1e-10, "1e-10"}, {2.0 / 3.0, "0.666667"}, {HUGE_VAL, "Inf"}, {-HUGE_VAL, "-Inf"}, {9.999995, "10"},
        {3.14159265, "3.14159"}};
    char b[64], ref[64];
    size_t i;
    for (i = 0; i < sizeof row / sizeof *row; i++) {
        mv__format(b, sizeof b, "%g", row[i].x);
        if (!CHECK(!strcmp(b, row[i].want)))
            fprintf(stderr, "  %.17g: \"%s\", want \"%s\"\n", row[i].x, b, row[i].want);
    }
    mv__format(b, sizeof b, "%g", (double)NAN);
    CHECK(!strcmp(b, "NaN"));
    for (i = 0; i < 20000; i++) { /* six digits as printf gives them, to one in the last */
        double x = any_double(), back, six;
        if (!(x - x == 0.0)) continue;
        mv__format(b, sizeof b, "%g", x);
        back = strtod(b, NULL);
        snprintf(ref, sizeof ref, "%.5e", x);
        six = strtod(ref, NULL);
        if (fabs(x) < 1e15 && x == floor(x)) CHECK(back == x);
        else if (x != 0.0 && fabs(x) > 1e-300)
            if (!CHECK(fabs(back - six) <= 1.01e-5 * fabs(x))) fprintf(stderr, "  %s against %s\n", b, ref);
    }
    mv__format(b, sizeof b, "%d %d %u %x", -2147483647 - 1, 2147483647, 4294967295u, 0xbeefu);
    CHECK(!strcmp(b, "-2147483648 2147483647 4294967295 beef"));
    mv__format(b, sizeof b, "%lld %lld", (long long)INT64_MIN, (long long)INT64_MAX);
    CHECK(!strcmp(b, "-9223372036854775808 9223372036854775807"));
    mv__format(b, sizeof b, "%llu %zu %zd %ld %lu", (unsigned long long)UINT64_MAX, (size_t)17, (ptrdiff_t)-3,
        -5L, 6ul);
    CHECK(!strcmp(b, "18446744073709551615 17 -3 -5 6"));
    mv__format(b, sizeof b, "%s|%c|%%|%s", "text", 'x', "");
    CHECK(!strcmp(b, "text|x|%|"));
    mv__format(b, sizeof b, "%s", "one\nline\033[31m\177");
    CHECK(!strcmp(b, "one?line?[31m?"));
    for (i = 1; i < 12; i++) { /* never past the end, always closed */
        char *edge = (char *)t_guard(i);
        CHECK(mv__format(edge, i, "%s %d", "abcdef", 12345) == mv__minz(i - 1, 12));
        CHECK(strlen(edge) == mv__minz(i - 1, 12));
        t_guard_free(edge, i);
    }
}

/* ---- sizes and memory ---- */
static void test_sizes(void) {
    size_t r = 7, big = (size_t)-1;
    CHECK(mv__mul(0, big, &r) && r == 0);
    CHECK(mv__mul(big, 0, &r) && r == 0);
    CHECK(mv__mul(big, 1, &r) && r == big);
    CHECK(mv__mul(1, big, &r) && r == big);
    CHECK(mv__mul(big / 2, 2, &r) && r == big - 1);
    CHECK(!mv__mul(big / 2 + 1, 2, &r) && !mv__mul(2, big / 2 + 1, &r) && !mv__mul(big, big, &r));
    CHECK(!mv__mul((size_t)1 << (sizeof(size_t) * 4), (size_t)1 << (sizeof(size_t) * 4), &r));
    CHECK(mv__add(big, 0, &r) && r == big);
    CHECK(mv__add(big - 1, 1, &r) && r == big);
    CHECK(!mv__add(big, 1, &r) && !mv__add(1, big, &r) && !mv__add(big, big, &r));
    CHECK(mv__divup(0, 3) == 0 && mv__divup(1, 3) == 1 && mv__divup(3, 3) == 1 && mv__divup(4, 3) == 2 &&
        mv__divup(big, 2) == big / 2 + 1);
    CHECK(mv__finite(0.0) && mv__finite(1.7976931348623157e308) && !mv__finite(HUGE_VAL) &&
        !mv__finite(-HUGE_VAL) && !mv__finite((double)NAN));
    CHECK(mv__swap16(0x1234) == 0x3412 && mv__swap32(0x12345678u) == 0x78563412u &&
        mv__swap64(0x0102030405060708u) == 0x0807060504030201u);
    {
        unsigned char b[9] = {0};
        mv__put_le64(b + 1, 0x0102030405060708u);
        CHECK(b[1] == 8 && b[8] == 1 && mv__le64(b + 1) == 0x0102030405060708u &&
            mv__le32(b + 1) == 0x05060708u && mv__le16(b + 1) == 0x0708u);
    }
}
static void test_alloc(void) {
    static const size_t size[] = {0, 1, 63, 64, 65, 4096, 100000, ((size_t)4 << 20) - 1, (size_t)4 << 20,
        ((size_t)4 << 20) + 1, (size_t)9 << 20};
    size_t i;
    for (i = 0; i < 2 * sizeof size / sizeof *size; i++) {
        size_t n = size[i / 2];
        mv_ctx *c = i % 2 ? T : T_NONE;
        unsigned char *p = (unsigned char *)mv__alloc(c, n);
        CHECK(p && (uintptr_t)p % 64 == 0);
#ifdef __linux__
        if (!c && n >= (size_t)4 << 20) CHECK((uintptr_t)p % ((size_t)2 << 20) == 0);
#endif
        if (n && p) p[0] = p[n - 1] = 1;
        mv__free(c, p);
    }
    mv__free(T, NULL);
    T->error.text[0] = 0;
    CHECK(mv__alloc(T, (size_t)-1) == NULL && strstr(mv_message(T), "bytes"));
    T->error.text[0] = 0;
    CHECK(mv__alloc(T, (size_t)-70) == NULL && strstr(mv_message(T), "bytes"));
    CHECK(mv__alloc(NULL, (size_t)-1) == NULL);
    T->error.text[0] = 0;
    t_fail_alloc(1, 0);
    CHECK(mv__alloc(T, 100) == NULL && T->error.code == MEDVOL_E_NOMEM && strstr(mv_message(T), "100 bytes"));
}
static void test_level(void) { /* the static copy has a level word of its own */
    int best = mv_level_force(4), k;
    for (k = -1; k <= 6; k++) {
        int got = mv_level_force(k), want = k < 1 ? got : k > best ? best : k;
        CHECK(got == want && got >= 1 && got <= best && mv_level() == got);
    }
    CHECK(!strcmp(mv_level_name(0), "?") && !strcmp(mv_level_name(5), "?") &&
        !strcmp(mv_level_name(-1), "?") && !strcmp(mv_level_name(1), "scalar"));
#if defined(__unix__)
    mv__level_word = 0;
    CHECK(setenv("MEDVOL_LEVEL", "1", 1) == 0 && mv_level() == 1);
    mv__level_word = 0;
    setenv("MEDVOL_LEVEL", "12", 1);
    k = mv_level();
    mv_level_force(0);
    CHECK(k == mv_level());
    unsetenv("MEDVOL_LEVEL");
#endif
}

const t_case tests_vocabulary[] = {
    {"float_words", test_float_words, 0},
    {"mad", test_mad, 0},
    {"split", test_split, 0},
    {"lanes", test_lanes, 0},
    {"int_words", test_int_words, 0},
    {"float_to_int", test_float_to_int, 0},
    {"narrow", test_narrow, 0},
    {"within", test_within, 0},
    {"double_words", test_double_words, 0},
    {"half_up", test_half_up, 0},
    {"half_down", test_half_down, 0},
    {"round_to_odd", test_round_to_odd, T_ONCE},
    {"format", test_format, T_ONCE},
    {"sizes", test_sizes, T_ONCE},
    {"alloc", test_alloc, T_ONCE},
    {"level", test_level, T_ONCE},
    {NULL, NULL, 0},
};
