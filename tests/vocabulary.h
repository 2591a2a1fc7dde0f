/* vocabulary.h - one kernel for each word of the vocabulary; test_vocabulary.c has medvol.h read this file in
   every pass. Arrays have a multiple of 16 elements; kernels trust that. */
#define VOC_F1(word, OP)                                                                                     \
    static void MV__K(vk_##word)(float *d, const float *a, size_t n) {                                       \
        size_t i;                                                                                            \
        for (i = 0; i < n; i += MVF_N) { mvf x = mvf_load(a + i); mvf_store(d + i, OP); }                    \
        mv_end();                                                                                            \
    }
#define VOC_F2(word, OP)                                                                                     \
    static void MV__K(vk_##word)(float *d, const float *a, const float *b, size_t n) {                       \
        size_t i;                                                                                            \
        for (i = 0; i < n; i += MVF_N) {                                                                     \
            mvf x = mvf_load(a + i), y = mvf_load(b + i);                                                    \
            mvf_store(d + i, OP);                                                                            \
        }                                                                                                    \
        mv_end();                                                                                            \
    }
#define VK_I2(word, OP)                                                                                      \
    static void MV__K(vk_##word)(int32_t *d, const int32_t *a, const int32_t *b, size_t n) {                 \
        size_t i;                                                                                            \
        for (i = 0; i < n; i += MVF_N) {                                                                     \
            mvi x = mvi_load(a + i), y = mvi_load(b + i);                                                    \
            mvi_store(d + i, OP);                                                                            \
            (void)y;                                                                                         \
        }                                                                                                    \
        mv_end();                                                                                            \
    }
#define VK_D2(word, OP)                                                                                      \
    static void MV__K(vk_##word)(double *d, const double *a, const double *b, size_t n) {                    \
        size_t i;                                                                                            \
        for (i = 0; i < n; i += MVD_N) {                                                                     \
            mvd x = mvd_load(a + i), y = mvd_load(b + i);                                                    \
            mvd_store(d + i, OP);                                                                            \
            (void)y;                                                                                         \
        }                                                                                                    \
        mv_end();                                                                                            \
    }
#define VK_ONE mvf_set1(1.0f)
VOC_F2(f_add, mvf_add(x, y))
VOC_F2(f_sub, mvf_sub(x, y))
VOC_F2(f_mul, mvf_mul(x, y))
VOC_F2(f_div, mvf_div(x, y))
VOC_F2(f_min, mvf_min(x, y))
VOC_F2(f_max, mvf_max(x, y))
VOC_F1(f_sqrt, mvf_sqrt(x))
VOC_F1(f_abs, mvf_abs(x))
VOC_F1(f_neg, mvf_neg(x))
VOC_F1(f_floor, mvf_floor(x))
VOC_F1(f_round, mvf_round(x))
VOC_F1(f_rev, mvf_rev(x))
VOC_F1(f_copy, x)
VOC_F2(f_lt, mvf_sel(mvf_lt(x, y), VK_ONE, mvf_zero()))
VOC_F2(f_le, mvf_sel(mvf_le(x, y), VK_ONE, mvf_zero()))
VOC_F2(f_gt, mvf_sel(mvf_gt(x, y), VK_ONE, mvf_zero()))
VOC_F2(f_ge, mvf_sel(mvf_ge(x, y), VK_ONE, mvf_zero()))
VOC_F2(f_eq, mvf_sel(mvf_eq(x, y), VK_ONE, mvf_zero()))
VOC_F1(f_isnan, mvf_sel(mvf_isnan(x), VK_ONE, mvf_zero()))
VOC_F2(f_sel, mvf_sel(mvf_lt(x, y), x, y))
VOC_F2(m_and, mvf_sel(mvm_and(mvf_lt(x, y), mvf_gt(x, mvf_zero())), VK_ONE, mvf_zero()))
VOC_F2(m_or, mvf_sel(mvm_or(mvf_lt(x, y), mvf_gt(x, mvf_zero())), VK_ONE, mvf_zero()))
VOC_F2(m_not, mvf_sel(mvm_not(mvf_lt(x, y)), VK_ONE, mvf_zero()))
VK_I2(i_add, mvi_add(x, y))
VK_I2(i_sub, mvi_sub(x, y))
VK_I2(i_mul, mvi_mul(x, y))
VK_I2(i_min, mvi_min(x, y))
VK_I2(i_max, mvi_max(x, y))
VK_I2(i_and, mvi_and(x, y))
VK_I2(i_or, mvi_or(x, y))
VK_I2(i_xor, mvi_xor(x, y))
VK_I2(i_sll, mvi_sll(x, 5))
VK_I2(i_srl, mvi_srl(x, 7))
VK_I2(i_sra, mvi_sra(x, 7))
VK_I2(i_eq, mvi_sel(mvi_eq(x, y), mvi_set1(1), mvi_set1(0)))
VK_I2(i_gt, mvi_sel(mvi_gt(x, y), mvi_set1(1), mvi_set1(0)))
VK_I2(i_sel, mvi_sel(mvi_gt(x, y), x, y))
VK_D2(d_add, mvd_add(x, y))
VK_D2(d_sub, mvd_sub(x, y))
VK_D2(d_mul, mvd_mul(x, y))
VK_D2(d_div, mvd_div(x, y))
VK_D2(d_min, mvd_min(x, y))
VK_D2(d_max, mvd_max(x, y))
VK_D2(d_sqrt, mvd_sqrt(x))
VK_D2(d_round, mvd_round(x))
VK_D2(d_pow2, mvd_pow2(mvd_round(mvd_min(mvd_max(x, mvd_set1(-1022.0)), mvd_set1(1023.0)))))
VK_D2(d_lt, mvd_sel(mvd_lt(x, y), mvd_set1(1), mvd_zero()))
VK_D2(d_le, mvd_sel(mvd_le(x, y), mvd_set1(1), mvd_zero()))
VK_D2(d_eq, mvd_sel(mvd_eq(x, y), mvd_set1(1), mvd_zero()))
VK_D2(d_isnan, mvd_sel(mvd_isnan(x), mvd_set1(1), mvd_zero()))
VK_D2(d_sel, mvd_sel(mvd_lt(x, y), x, y))
static void MV__K(vk_f_mad)(float *d, float *e, const float *a, const float *b, const float *c, size_t n) {
    size_t i;
    for (i = 0; i < n; i += MVF_N) {
        mvf x = mvf_load(a + i), y = mvf_load(b + i), z = mvf_load(c + i);
        mvf_store(d + i, mvf_mad(x, y, z));
        mvf_store(e + i, mvf_nmad(x, y, z));
    }
    mv_end();
}
static void MV__K(vk_d_mad)(
    double *d, double *e, const double *a, const double *b, const double *c, size_t n) {
    size_t i;
    for (i = 0; i < n; i += MVD_N) {
        mvd x = mvd_load(a + i), y = mvd_load(b + i), z = mvd_load(c + i);
        mvd_store(d + i, mvd_mad(x, y, z));
        mvd_store(e + i, mvd_nmad(x, y, z));
    }
    mv_end();
}
/* of as many complex numbers as a vector has lanes: how many */
static size_t MV__K(vk_f_split)(float *re, float *im, float *back, const float *a) {
    mvf x, y, p, q;
    mvf_split(mvf_load(a), mvf_load(a + MVF_N), &x, &y);
    mvf_weave(x, y, &p, &q);
    mvf_store(re, x);
    mvf_store(im, y);
    mvf_store(back, p);
    mvf_store(back + MVF_N, q);
    mv_end();
    return MVF_N;
}
static size_t MV__K(vk_d_split)(double *re, double *im, double *back, const double *a) {
    mvd x, y, p, q;
    mvd_split(mvd_load(a), mvd_load(a + MVD_N), &x, &y);
    mvd_weave(x, y, &p, &q);
    mvd_store(re, x);
    mvd_store(im, y);
    mvd_store(back, p);
    mvd_store(back + MVD_N, q);
    mv_end();
    return MVD_N;
}
static void MV__K(vk_f_stream)(float *d, const float *a, size_t n) { /* d on 64 bytes */
    size_t i;
    for (i = 0; i < n; i += MVF_N) {
        mv_prefetch(a + i);
        mvf_stream(d + i, mvf_load(a + i));
    }
    mv_fence();
    mv_end();
}
static void MV__K(vk_i_stream)(int32_t *d, const int32_t *a, size_t n) { /* d on 64 bytes */
    size_t i;
    for (i = 0; i < n; i += MVF_N) mvi_stream(d + i, mvi_load(a + i));
    mv_fence();
    mv_end();
}
/* n of 0..MVF_N - 1 lanes in, all lanes out to d, n to d + 16 */
static void MV__K(vk_f_part)(float *d, const float *a, size_t n) {
    mvf x = mvf_loadn(a, n);
    mvf_store(d, x);
    mvf_storen(d + 16, x, n);
    mv_end();
}
static unsigned MV__K(vk_m_bits)(const float *a, const float *b) {
    unsigned r = mvm_bits(mvf_lt(mvf_load(a), mvf_load(b)));
    mv_end();
    return r;
}
static void MV__K(vk_f_gather)(float *d, const float *p, const int32_t *at, size_t n) {
    size_t i;
    for (i = 0; i < n; i += MVF_N) mvf_store(d + i, mvf_gather(p, mvi_load(at + i)));
    mv_end();
}
static void MV__K(vk_f_gather2)(float *x, float *y, const float *p, const int32_t *at, size_t n) {
    size_t i;
    for (i = 0; i < n; i += MVF_N) {
        mvf a, b;
        mvf_gather2(p, mvi_load(at + i), &a, &b);
        mvf_store(x + i, a);
        mvf_store(y + i, b);
    }
    mv_end();
}
/* at: any numbers */
static size_t MV__K(vk_f_perm)(float *d, float *e, const float *a, const float *b, const int32_t *at) {
    mvi one = mvi_and(mvi_load(at), mvi_set1(MVF_N - 1)),
        two = mvi_and(mvi_load(at), mvi_set1(2 * MVF_N - 1));
    mvf_store(d, mvf_perm(mvf_load(a), one));
    mvf_store(e, mvf_perm2(mvf_load(a), mvf_load(b), two));
    mv_end();
    return MVF_N;
}
static void MV__K(vk_four)(float *d, const float *a) { /* transpose of 2 a * a + 2 a, 4 x 4 */
    mv4 r[4];
    int k;
    for (k = 0; k < 4; k++) {
        mv4 x = mv4_load(a + 4 * k), y = mv4_mul(mv4_set1(2.0f), x);
        r[k] = mv4_mad(x, y, y);
    }
    mv4_transpose(r);
    for (k = 0; k < 4; k++) mv4_store(d + 4 * k, r[k]);
    mv_end();
}
static void MV__K(vk_f_fromi)(float *d, const int32_t *a, size_t n) {
    size_t i;
    for (i = 0; i < n; i += MVF_N) mvf_store(d + i, mvf_fromi(mvi_load(a + i)));
    mv_end();
}
static void MV__K(vk_f_bits)(int32_t *d, float *e, const float *a, size_t n) {
    size_t i;
    for (i = 0; i < n; i += MVF_N) {
        mvi b = mvf_bits(mvf_load(a + i));
        mvi_store(d + i, b);
        mvf_store(e + i, mvi_asf(mvi_xor(b, mvi_set1(-0x7fffffff - 1))));
    }
    mv_end();
}
static void MV__K(vk_i_iota)(int32_t *d) {
    mvi_store(d, mvi_iota());
    mv_end();
}
static void MV__K(vk_i_trunc)(int32_t *d, int32_t *e, const float *a, size_t n) {
    size_t i;
    for (i = 0; i < n; i += MVF_N) {
        mvi_store(d + i, mvi_trunc(mvf_load(a + i)));
        mvi_store(e + i, mvi_round(mvf_load(a + i)));
    }
    mv_end();
}
#define VK_NARROW(name, T)                                                                                   \
    static void MV__K(vk_load_##name)(int32_t *d, const T *a, size_t n) {                                    \
        size_t i;                                                                                            \
        for (i = 0; i < n; i += MVF_N) mvi_store(d + i, mvi_load_##name(a + i));                             \
        mv_end();                                                                                            \
    }                                                                                                        \
    static void MV__K(vk_store_##name)(T *d, const int32_t *a, size_t n) {                                   \
        size_t i;                                                                                            \
        for (i = 0; i < n; i += MVF_N) mvi_store_##name(d + i, mvi_load(a + i));                             \
        mv_end();                                                                                            \
    }
VK_NARROW(u8, uint8_t)
VK_NARROW(i8, int8_t)
VK_NARROW(u16, uint16_t)
VK_NARROW(i16, int16_t)
/* Words of narrow values within vectors, which the scalar level lacks: there the functions give 0. n: whole
   vectors. */
#if MV__PASS > 1
#define VK_WITHIN(D, word, T, OP)                                                                            \
    static int MV__K(vk_##word)(D *d, const T *a, const T *b, size_t n) {                                    \
        size_t i, per = MVF_N * 4 / sizeof(T);                                                               \
        for (i = 0; i < n; i += per) {                                                                       \
            const mvi x = mvi_load((const int32_t *)(const void *)(a + i)),                                  \
                      y = mvi_load((const int32_t *)(const void *)(b + i));                                  \
            mvi_store((int32_t *)(void *)(d + i * sizeof(T) / sizeof(D)), OP(x, y));                         \
        }                                                                                                    \
        mv_end();                                                                                            \
        return 1;                                                                                            \
    }
#define VK_PACK(name, T, OP)                                                                                 \
    static int MV__K(vk_pack_##name)(T *d, const int32_t *a, size_t n) {                                     \
        enum { PER = 4 / sizeof(T) };                                                                        \
        size_t i, j;                                                                                         \
        for (i = 0; i < n; i += PER * MVF_N) {                                                               \
            mvi v[PER];                                                                                      \
            for (j = 0; j < PER; j++) v[j] = mvi_load(a + i + j * MVF_N);                                    \
            mvi_store((int32_t *)(void *)(d + i), OP);                                                       \
        }                                                                                                    \
        mv_end();                                                                                            \
        return 1;                                                                                            \
    }
#else
#define VK_WITHIN(D, word, T, OP)                                                                            \
    static int MV__K(vk_##word)(D *d, const T *a, const T *b, size_t n) {                                    \
        *d = 0, (void)a, (void)b, (void)n;                                                                   \
        return 0;                                                                                            \
    }
#define VK_PACK(name, T, OP)                                                                                 \
    static int MV__K(vk_pack_##name)(T *d, const int32_t *a, size_t n) {                                     \
        *d = 0, (void)a, (void)n;                                                                            \
        return 0;                                                                                            \
    }
#endif
VK_WITHIN(int32_t, dot_i16, int16_t, mvi_dot_i16)
VK_WITHIN(uint8_t, min_u8, uint8_t, mvi_min_u8)
VK_WITHIN(uint8_t, max_u8, uint8_t, mvi_max_u8)
VK_WITHIN(int16_t, min_i16, int16_t, mvi_min_i16)
VK_WITHIN(int16_t, max_i16, int16_t, mvi_max_i16)
VK_PACK(u8, uint8_t, mvi_pack_u8(v[0], v[1], v[2], v[3]))
VK_PACK(i8, int8_t, mvi_pack_i8(v[0], v[1], v[2], v[3]))
VK_PACK(u16, uint16_t, mvi_pack_u16(v[0], v[1]))
VK_PACK(i16, int16_t, mvi_pack_i16(v[0], v[1]))
#define VK_HALF(name)                                                                                        \
    static void MV__K(vk_load_##name)(float *d, const uint16_t *a, size_t n) {                               \
        size_t i;                                                                                            \
        for (i = 0; i < n; i += MVF_N) mvf_store(d + i, mvf_load_##name(a + i));                             \
        mv_end();                                                                                            \
    }                                                                                                        \
    static void MV__K(vk_store_##name)(uint16_t *d, const float *a, size_t n) {                              \
        size_t i;                                                                                            \
        for (i = 0; i < n; i += MVF_N) mvf_store_##name(d + i, mvf_load(a + i));                             \
        mv_end();                                                                                            \
    }
VK_HALF(f16)
VK_HALF(bf16)
/* reversed to d, streamed to e (on 64 bytes) */
static size_t MV__K(vk_d_lanes)(double *d, double *e, const double *a, size_t n) {
    size_t i;
    for (i = 0; i < n; i += MVD_N) {
        mv_prefetch2(a + i);
        mvd_store(d + i, mvd_rev(mvd_load(a + i)));
        mvd_stream(e + i, mvd_load(a + i));
    }
    mv_fence();
    mv_end();
    return MVD_N;
}
static void MV__K(vk_d_transpose)(double *d, const double *a) { /* MVD_N x MVD_N */
    mvd r[MVD_N];
    int k;
    MV__UNROLL for (k = 0; k < MVD_N; k++) r[k] = mvd_load(a + k * MVD_N);
    mvd_transpose(r);
    MV__UNROLL for (k = 0; k < MVD_N; k++) mvd_store(d + k * MVD_N, r[k]);
    mv_end();
}
static size_t MV__K(vk_transpose)(float *d, const float *a) { /* MVF_N x MVF_N */
    mvf r[MVF_N];
    int k;
    MV__UNROLL for (k = 0; k < MVF_N; k++) r[k] = mvf_load(a + k * MVF_N);
    mvf_transpose(r);
    MV__UNROLL for (k = 0; k < MVF_N; k++) mvf_store(d + k * MVF_N, r[k]);
    mv_end();
    return MVF_N;
}
static void MV__K(vk_d_halves)(
    double *w, double *d, float *e, double *di, int32_t *ei, const float *a, const int32_t *b, size_t n) {
    size_t i;
    for (i = 0; i < n; i += MVD_N) mvd_store(w + i, mvd_widen(a + i));
    for (i = 0; i < n; i += MVF_N) {
        mvf x = mvf_load(a + i);
        mvi y = mvi_load(b + i);
        mvd lo = mvd_lo(x), hi = mvd_hi(x), li = mvd_lo_i(y), ui = mvd_hi_i(y);
        mvd_store(d + i, lo);
        mvd_store(di + i, li);
        if (MVD_N < MVF_N) {
            mvd_store(d + i + MVD_N, hi);
            mvd_store(di + i + MVD_N, ui);
        }
        mvf_store(e + i, mvf_narrow(lo, hi));
        mvi_store(ei + i, mvi_narrow(li, ui));
    }
    mv_end();
}
/* 1 when masks of float lanes and of double lanes can be kept and used again */
static int MV__K(vk_masks)(const float *a, const float *b, const double *p, const double *q) {
    mvm m = mvf_lt(mvf_load(a), mvf_load(b)), all = mvm_or(m, mvm_not(m));
    mvdm dm = mvd_lt(mvd_load(p), mvd_load(q));
    double r[16];
    unsigned full = mvm_bits(all), none = mvm_bits(mvm_and(m, mvm_not(m)));
    int k, ok = full == (1u << MVF_N) - 1u && none == 0;
    mvd_store(r, mvd_sel(dm, mvd_load(p), mvd_load(q)));
    mv_end();
    for (k = 0; k < MVD_N; k++)
        ok = ok && r[k] == (p[k] < q[k] ? p[k] : q[k]) && (mvdm_bits(dm) >> k & 1u) == (p[k] < q[k]);
    return ok && mvdm_bits(dm) >> MVD_N == 0;
}
#undef VOC_F1
#undef VOC_F2
#undef VK_I2
#undef VK_D2
#undef VK_ONE
#undef VK_NARROW
#undef VK_WITHIN
#undef VK_PACK
#undef VK_HALF
