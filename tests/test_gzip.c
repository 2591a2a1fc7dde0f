/* test_gzip.c - checksums, inflate's accept/refuse rules, deflate, gzip members, reader, index, writer. */
#include "test.h"

/* ---- a bit writer for hand-made streams ---- */
typedef struct {
    uint8_t b[4096];
    size_t nbits;
} bits;
static void put(bits *s, unsigned v, int n) { /* least significant bit first */
    int i;
    for (i = 0; i < n; i++, s->nbits++) {
        if (s->nbits % 8 == 0) s->b[s->nbits / 8] = 0;
        s->b[s->nbits / 8] |= (uint8_t)((i < 32 ? v >> i & 1 : 0) << s->nbits % 8);
    }
}
static void code(bits *s, unsigned v, int n) { /* a Huffman code: most significant bit first */
    while (n-- > 0) put(s, v >> n & 1, 1);
}
static size_t bytes(const bits *s) { return (s->nbits + 7) / 8; }
/* head of a dynamic block whose code length code gives every length 0..15 four bits */
static void dyn(bits *s, int hlit, int hdist) {
    static const int order[19] = {16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15};
    int i;
    put(s, 1, 1); put(s, 2, 2);
    put(s, (unsigned)(hlit - 257), 5); put(s, (unsigned)(hdist - 1), 5); put(s, 15, 4);
    for (i = 0; i < 19; i++) put(s, order[i] >= 16 ? 0 : 4, 3);
}
static void lens(bits *s, unsigned len, int times) {
    while (times-- > 0) code(s, len, 4);
}
static void fixed_sym(bits *s, int sym) {
    if (sym < 144) code(s, (unsigned)(0x30 + sym), 8);
    else if (sym < 256) code(s, (unsigned)(0x190 + sym - 144), 9);
    else if (sym < 280) code(s, (unsigned)(sym - 256), 7);
    else code(s, (unsigned)(0xC0 + sym - 280), 8);
}
/* Inflates in guarded buffers; returns the status and compares the output when want is not NULL. */
static mv_status run(const uint8_t *src, size_t n, size_t cap, const void *want, size_t want_n) {
    uint8_t *in = (uint8_t *)t_guard(n), *out = (uint8_t *)t_guard(cap);
    size_t used, made;
    mv_status st;
    memcpy(in, src, n);
    st = mv_inflate(T, out, cap, in, n, &used, &made);
    CHECK(used <= n && made <= cap);
    if (st == MEDVOL_OK && want) {
        CHECK(made == want_n);
        CHECK(made == want_n && !memcmp(out, want, want_n));
    }
    t_guard_free(in, n);
    t_guard_free(out, cap);
    return st;
}
#define RUN(s, cap, want, want_n, status) CHECK_STATUS(run((s).b, bytes(&(s)), cap, want, want_n), status)

static void test_checksums(void) {
    size_t n = 20000, i;
    uint8_t *p = (uint8_t *)malloc(n);
    uint32_t a = 1, b = 0;
    CHECK(mv_crc32(0, "123456789", 9) == 0xCBF43926u); /* the check value of the CRC catalogue */
    CHECK(mv_adler32(1, "Wikipedia", 9) == 0x11E60398u);
    CHECK(mv_crc32(7, NULL, 0) == 7 && mv_adler32(7, NULL, 0) == 7);
    for (i = 0; i < n; i++) p[i] = (uint8_t)t_bits();
    for (i = 0; i < 700; i++)
        CHECK(mv_crc32((uint32_t)i, p + i % 17, i) == t_crc32((uint32_t)i, p + i % 17, i));
    for (i = 8000; i < 8400; i += 7) CHECK(mv_crc32(5, p + 3, i) == t_crc32(5, p + 3, i));
    for (i = 0; i < n; i += 333) {
        CHECK(mv_crc32_combine(mv_crc32(0, p, i), mv_crc32(0, p + i, n - i), n - i) == mv_crc32(0, p, n));
        CHECK(mv_crc32(mv_crc32(0, p, i), p + i, n - i) == mv_crc32(0, p, n));
    }
    memset(p, 255, n);
    for (i = 0; i < n; i++) { a = (a + p[i]) % 65521; b = (b + a) % 65521; }
    CHECK(mv_adler32(1, p, n) == (b << 16 | a));
    CHECK(mv_adler32(mv_adler32(1, p, 777), p + 777, n - 777) == (b << 16 | a));
    CHECK(mv_inflate_bound(10) == 10320 && mv_inflate_bound(UINT64_MAX) == UINT64_MAX);
    free(p);
}

static void test_stored_and_types(void) {
    bits s = {{0}, 0};
    uint8_t b[16] = {1, 3, 0, 0xFC, 0xFF, 'a', 'b', 'c'};
    size_t i;
    CHECK_OK(run(b, 8, 3, "abc", 3));
    CHECK_STATUS(run(b, 8, 2, NULL, 0), MEDVOL_E_SPACE);
    for (i = 0; i < 8; i++) CHECK_STATUS(run(b, i, 3, NULL, 0), MEDVOL_E_TRUNCATED);
    b[3] = 0xFD;
    CHECK_STATUS(run(b, 8, 3, NULL, 0), MEDVOL_E_CORRUPT); /* LEN and NLEN */
    put(&s, 1, 1); put(&s, 3, 2); put(&s, 0, 29);
    RUN(s, 8, NULL, 0, MEDVOL_E_CORRUPT); /* type 3 */
    memset(&s, 0, sizeof s); /* an empty stored block, then an empty fixed one */
    put(&s, 0, 3); put(&s, 0, 5); put(&s, 0, 16); put(&s, 0xFFFF, 16);
    put(&s, 1, 1); put(&s, 1, 2); fixed_sym(&s, 256);
    RUN(s, 0, "", 0, MEDVOL_OK);
}
static void test_fixed_block(void) {
    static const struct { int sym, extra, nextra, dist; mv_status want; } t[] = {
        {257, 0, 0, 0, MEDVOL_OK}, {284, 31, 5, 0, MEDVOL_OK}, /* 258 the long way is accepted */
        {285, 0, 0, 0, MEDVOL_OK}, {257, 0, 0, 1, MEDVOL_E_CORRUPT}, /* distance 2 after one byte */
        {286, 0, 0, 0, MEDVOL_E_CORRUPT}, {287, 0, 0, 0, MEDVOL_E_CORRUPT},
        {257, 0, 0, 30, MEDVOL_E_CORRUPT}, {257, 0, 0, 31, MEDVOL_E_CORRUPT},
        {257, 0, 0, 4, MEDVOL_E_CORRUPT}, {257, 0, 0, 29, MEDVOL_E_CORRUPT},
    };
    char want[260];
    size_t i, pad;
    memset(want, 'x', sizeof want);
    for (i = 0; i < sizeof t / sizeof *t; i++) {
        /* with bytes behind the stream the fast loop sees it, without the careful one */
        for (pad = 0; pad <= 64; pad += 64) {
            bits s = {{0}, 0};
            size_t n = t[i].sym == 257 ? 4 : 259;
            put(&s, 1, 1); put(&s, 1, 2);
            fixed_sym(&s, 'x');
            fixed_sym(&s, t[i].sym);
            put(&s, (unsigned)t[i].extra, t[i].nextra);
            code(&s, (unsigned)t[i].dist, 5);
            if (t[i].dist >= 4 && t[i].dist < 30) put(&s, 0, t[i].dist / 2 - 1);
            fixed_sym(&s, 256);
            CHECK_STATUS(run(s.b, bytes(&s) + pad, n + 8 * pad, want, n), t[i].want);
        }
    }
}
/* litlen: 'a' 1 bit 0, 256 2 bits 10, 257 2 bits 11 */
static void small_code(bits *s, int hdist) {
    dyn(s, 258, hdist);
    lens(s, 0, 97); lens(s, 1, 1); lens(s, 0, 158); lens(s, 2, 2);
}
static void test_dynamic_distances(void) {
    int far, pad;
    for (pad = 0; pad <= 64; pad += 64) {
        bits s = {{0}, 0};
        small_code(&s, 1); lens(&s, 0, 1); /* no distance code, none used */
        code(&s, 0, 1); code(&s, 2, 2);
        CHECK_STATUS(run(s.b, bytes(&s) + (size_t)pad, 1 + 8 * (size_t)pad, "a", 1), MEDVOL_OK);
        memset(&s, 0, sizeof s);
        small_code(&s, 1); lens(&s, 0, 1); /* none, one used */
        code(&s, 0, 1); code(&s, 3, 2); code(&s, 0, 1); code(&s, 2, 2);
        CHECK_STATUS(run(s.b, bytes(&s) + (size_t)pad, 4 + 8 * (size_t)pad, NULL, 0), MEDVOL_E_CORRUPT);
        for (far = 0; far < 2; far++) { /* one code of one bit; its other half is no code */
            memset(&s, 0, sizeof s);
            small_code(&s, 1); lens(&s, 1, 1);
            code(&s, 0, 1); code(&s, 3, 2); code(&s, (unsigned)far, 1); code(&s, 2, 2);
            CHECK_STATUS(run(s.b, bytes(&s) + (size_t)pad, 4 + 8 * (size_t)pad, "aaaa", 4),
                far ? MEDVOL_E_CORRUPT : MEDVOL_OK);
        }
        memset(&s, 0, sizeof s);
        small_code(&s, 1); lens(&s, 2, 1); /* one code of two bits: incomplete */
        code(&s, 2, 2);
        CHECK_STATUS(run(s.b, bytes(&s) + (size_t)pad, 8, NULL, 0), MEDVOL_E_CORRUPT);
        memset(&s, 0, sizeof s);
        small_code(&s, 3); lens(&s, 1, 3); /* over-subscribed */
        code(&s, 2, 2);
        CHECK_STATUS(run(s.b, bytes(&s) + (size_t)pad, 8, NULL, 0), MEDVOL_E_CORRUPT);
    }
}
static void test_dynamic_lengths(void) {
    static const struct { int n256, l97, l256, l257; mv_status want; } t[] = {
        {1, 0, 1, 0, MEDVOL_OK},        /* only the end: one code of one bit */
        {1, 0, 2, 0, MEDVOL_E_CORRUPT}, /* one code of two bits */
        {1, 1, 0, 1, MEDVOL_E_CORRUPT}, /* no end of block */
        {1, 1, 1, 1, MEDVOL_E_CORRUPT}, /* over-subscribed */
        {1, 1, 2, 3, MEDVOL_E_CORRUPT}, /* incomplete */
        {1, 1, 2, 2, MEDVOL_OK},
    };
    size_t i;
    bits s = {{0}, 0};
    for (i = 0; i < sizeof t / sizeof *t; i++) {
        memset(&s, 0, sizeof s);
        dyn(&s, 258, 1);
        lens(&s, 0, 97);
        lens(&s, (unsigned)t[i].l97, 1);
        lens(&s, 0, 158);
        lens(&s, (unsigned)t[i].l256, 1);
        lens(&s, (unsigned)t[i].l257, 1);
        lens(&s, 0, 1);
        code(&s, t[i].l97 ? 2u : 0u, t[i].l97 ? 2 : 1);
        RUN(s, 8, "", 0, t[i].want);
    }
    memset(&s, 0, sizeof s);
    dyn(&s, 258, 1); /* the unused half of the one-code tree */
    lens(&s, 0, 256); lens(&s, 1, 1); lens(&s, 0, 2);
    code(&s, 1, 1);
    put(&s, 0, 32);
    RUN(s, 8, NULL, 0, MEDVOL_E_CORRUPT);
    memset(&s, 0, sizeof s); /* 15-bit codes: 'a' 1, 'b' 2, ... and two of 15, one of them the end */
    dyn(&s, 257, 1);
    lens(&s, 0, 97);
    for (i = 1; i <= 15; i++) lens(&s, (unsigned)i, 1);
    lens(&s, 0, 256 - 97 - 15); lens(&s, 15, 1); lens(&s, 0, 1);
    code(&s, 0x7FFE, 15); code(&s, 0, 1); code(&s, 0x7FFC >> 1, 14); code(&s, 0x7FFF, 15);
    RUN(s, 64, "oan", 3, MEDVOL_OK);
    CHECK_STATUS(run(s.b, bytes(&s) + 64, 1000, "oan", 3), MEDVOL_OK);
}
static void test_dynamic_heads(void) {
    bits s = {{0}, 0};
    int i;
    for (i = 287; i <= 288; i++) { /* HLIT 287, 288 and HDIST 31, 32 */
        memset(&s, 0, sizeof s);
        dyn(&s, i, 1); put(&s, 0, 30000);
        RUN(s, 8, NULL, 0, MEDVOL_E_CORRUPT);
        memset(&s, 0, sizeof s);
        dyn(&s, 257, i - 256); put(&s, 0, 30000);
        RUN(s, 8, NULL, 0, MEDVOL_E_CORRUPT);
    }
    for (i = 0; i < 3; i++) { /* code length codes: over-subscribed, incomplete, none */
        memset(&s, 0, sizeof s);
        put(&s, 5, 3); put(&s, 0, 10); put(&s, 0, 4);
        put(&s, i == 0 ? 1 : i == 1 ? 2 : 0, 3);
        put(&s, i == 0 ? 1 : 0, 3);
        put(&s, i == 0 ? 1 : 0, 3);
        put(&s, i < 2 ? 2 : 0, 3);
        put(&s, 0, 400);
        RUN(s, 8, NULL, 0, MEDVOL_E_CORRUPT);
    }
    memset(&s, 0, sizeof s); /* 16 first: codes 16 and 18 have one bit */
    put(&s, 5, 3); put(&s, 0, 10); put(&s, 0, 4); put(&s, 1, 3); put(&s, 0, 3); put(&s, 1, 3); put(&s, 0, 3);
    put(&s, 0, 1); put(&s, 0, 2); put(&s, 0, 400);
    RUN(s, 8, NULL, 0, MEDVOL_E_CORRUPT);
    memset(&s, 0, sizeof s); /* 18 twice 138 runs over 257 + 1 */
    put(&s, 5, 3); put(&s, 0, 10); put(&s, 0, 4); put(&s, 1, 3); put(&s, 0, 3); put(&s, 1, 3); put(&s, 0, 3);
    put(&s, 1, 1); put(&s, 127, 7); put(&s, 1, 1); put(&s, 127, 7); put(&s, 0, 400);
    RUN(s, 8, NULL, 0, MEDVOL_E_CORRUPT);
}
static void test_far_distance(void) { /* 32768 is allowed, reached exactly */
    size_t n = 32768 + 3;
    uint8_t *src = (uint8_t *)calloc(1, n + 64), *want = (uint8_t *)malloc(n);
    bits s = {{0}, 0};
    size_t i;
    src[1] = 0; src[2] = 0x80; src[3] = 0xFF; src[4] = 0x7F; /* stored, 32768 bytes */
    for (i = 0; i < 32768; i++) want[i] = src[5 + i] = (uint8_t)t_bits();
    memcpy(want + 32768, want, 3);
    put(&s, 1, 1); put(&s, 1, 2); fixed_sym(&s, 257); code(&s, 29, 5); put(&s, 8191, 13); fixed_sym(&s, 256);
    memcpy(src + 5 + 32768, s.b, bytes(&s));
    CHECK_OK(run(src, 5 + 32768 + bytes(&s), n, want, n));
    src[1] = 0xFF; src[2] = 0x7F; src[3] = 0; src[4] = 0x80; /* one byte less: too far */
    memcpy(src + 5 + 32767, s.b, bytes(&s));
    CHECK_STATUS(run(src, 5 + 32767 + bytes(&s), n, NULL, 0), MEDVOL_E_CORRUPT);
    free(src);
    free(want);
}

/* ---- data of several kinds ---- */
enum { KINDS = 11 };
static void fill(uint8_t *p, size_t n, int kind) {
    size_t i;
    t_seed((uint64_t)kind * 1000 + n);
    for (i = 0; i < n; i++) {
        uint64_t r = t_bits();
        switch (kind) {
            case 0: p[i] = 0; break;
            case 1: p[i] = (uint8_t)r; break;                                       /* noise */
            case 2: p[i] = (uint8_t)(i % 2 ? (r >> 8 & 3) : 100 + (r & 63)); break; /* like 16-bit voxels */
            case 3: p[i] = (uint8_t)("abcdefgh"[(i / 37 + i % 5) % 8]); break;
            case 4: p[i] = (uint8_t)(r % 1000 == 0); break;
            case 5: p[i] = i >= 7 && r % 5 ? p[i - 7] : (uint8_t)r; break;          /* short distances */
            case 7: p[i] = i >= 32768 && i % 50000 ? p[i - 32768] : (uint8_t)r; break; /* as far as can be */
            case 8: /* words of four, from anywhere before */
                p[i] = i >= 8 && i % 29 ? p[i - 4 * (1 + i / 64 * 7919 % (i / 4))] : (uint8_t)r;
                break;
            case 6: p[i] = i >= 30000 && r % 9 ? p[i - 30000] : (uint8_t)(r & 15); break;
            case 9: /* noise and matches that end 1 to 300 places further on, from 20000 before */
                p[i] = i >= 20000 && (i & 511) < 1 + (i >> 9) * 37 % 300 ? p[i - 20000] : (uint8_t)r;
                break;
            /* stretches */
            default: p[i] = (uint8_t)((i >> 12) % 3 == 0 ? r : (i >> 12) % 3 == 1 ? 0 : r & 7); break;
        }
    }
}
static const size_t sizes[] = {
    0, 1, 2, 3, 4, 5, 7, 16, 17, 31, 64, 80, 81, 112, 113, 145, 258, 259, 300, 1000, 4097, 65535, 65536,
        70001,
    200003};
static uint64_t mix(uint64_t h, const uint8_t *p, size_t n) { return h * 31 + mv_crc32(0, p, n) + n; }
static uint64_t first_mix[3]; /* of the first run: every level and thread count must give the same bytes */

static void test_deflate(void) {
    static const int levels[] = {0, 1, 2, 4, 6, 9};
    size_t i, l, k, made;
    int kind;
    uint64_t h = 0, large = 0;
    for (kind = 0; kind < KINDS; kind++)
        for (i = 0; i < sizeof sizes / sizeof *sizes; i++) {
            size_t n = sizes[i], cap = mv_deflate_bound(n);
            uint8_t *src = (uint8_t *)t_guard(n), *dst = (uint8_t *)t_guard(cap);
            /* serial anyway */
            if (t_threads > 1 && n > 5000) { t_guard_free(src, n); t_guard_free(dst, cap); continue; }
            fill(src, n, kind);
            for (l = 0; l < sizeof levels / sizeof *levels; l++) {
                CHECK_OK(mv_deflate(T, dst, cap, src, n, levels[l], &made));
                if (n <= 5000) h = mix(h, dst, made);
                else large = mix(large, dst, made);
                CHECK(made + 16 <= cap);
                CHECK_OK(run(dst, made, n, src, n)); /* exact room, guarded */
                if (n) CHECK_STATUS(run(dst, made, n - 1, NULL, 0), MEDVOL_E_SPACE);
                if (n <= 300)
                    for (k = 0; k < made; k++) CHECK_STATUS(run(dst, k, n, NULL, 0), MEDVOL_E_TRUNCATED);
            }
            t_guard_free(src, n);
            t_guard_free(dst, cap);
        }
    if (!first_mix[0]) first_mix[0] = h;
    CHECK(h == first_mix[0]);
    if (!first_mix[2]) first_mix[2] = large;
    CHECK(large == first_mix[2] || t_threads > 1);
}
static void test_deflate_arguments(void) {
    uint8_t a[300], b[300];
    size_t made = 9;
    fill(a, sizeof a, 1);
    CHECK_STATUS(mv_deflate(T, NULL, 300, a, 10, 1, &made), MEDVOL_E_NULL);
    CHECK(made == 0);
    CHECK_STATUS(mv_deflate(T, b, 300, NULL, 10, 1, &made), MEDVOL_E_NULL);
    CHECK_STATUS(mv_deflate(T, b, 300, a, 10, 10, &made), MEDVOL_E_RANGE);
    CHECK_STATUS(mv_deflate(T, b, 300, a, 10, -1, &made), MEDVOL_E_RANGE);
    CHECK_STATUS(mv_deflate(T, a + 5, 100, a, 10, 1, &made), MEDVOL_E_ALIAS);
    CHECK_OK(mv_deflate(T, a + 10, 200, a, 10, 1, &made)); /* next to each other is not over each other */
    CHECK_OK(mv_deflate(T, a, 200, a + 200, 10, 1, &made));
    CHECK_STATUS(mv_deflate(T, a + 9, 200, a, 10, 1, &made), MEDVOL_E_ALIAS);
    CHECK_STATUS(mv_deflate(T, a, 201, a + 200, 10, 1, &made), MEDVOL_E_ALIAS);
    CHECK_OK(mv_deflate(T, b, 32, a, 10, 0, &made)); /* the least room there must be */
    CHECK_STATUS(mv_deflate(T, b, 31, a, 10, 0, &made), MEDVOL_E_SPACE);
    CHECK_STATUS(mv_deflate(T, b, 100, a, 300, 1, &made), MEDVOL_E_SPACE);
    CHECK_STATUS(mv_deflate(T, b, 100, a, 300, 0, &made), MEDVOL_E_SPACE);
    CHECK_STATUS(mv_inflate(T, NULL, 1, a, 10, NULL, NULL), MEDVOL_E_NULL);
    CHECK_STATUS(mv_inflate(T, b, 1, NULL, 10, NULL, NULL), MEDVOL_E_NULL);
    CHECK_STATUS(mv_inflate(T, a, 10, a + 9, 10, NULL, NULL), MEDVOL_E_ALIAS);
    CHECK_STATUS(mv_inflate(T, NULL, 0, NULL, 0, NULL, NULL), MEDVOL_E_TRUNCATED);
    CHECK(mv_deflate_bound(SIZE_MAX) == SIZE_MAX && mv_deflate_bound(SIZE_MAX - 200) == SIZE_MAX);
}
static void test_zlib(void) {
    uint8_t a[5000], z[6000], back[5000];
    size_t made, used, got, i;
    int level;
    fill(a, sizeof a, 2);
    for (level = 0; level <= 9; level += 3) {
        CHECK_OK(mv_deflate_zlib(T, z, sizeof z, a, sizeof a, level, &made));
        CHECK((z[0] * 256u + z[1]) % 31 == 0);
        CHECK_OK(mv_inflate_zlib(T, back, sizeof back, z, made, &used, &got));
        CHECK(used == made && got == sizeof a && !memcmp(a, back, got));
        for (i = 0; i < made; i += made / 50)
            CHECK_STATUS(mv_inflate_zlib(T, back, sizeof back, z, i, NULL, NULL), MEDVOL_E_TRUNCATED);
        CHECK_STATUS(mv_inflate_zlib(T, back, sizeof back, z, made - 1, NULL, NULL), MEDVOL_E_TRUNCATED);
        z[made - 1] ^= 1;
        CHECK_STATUS(mv_inflate_zlib(T, back, sizeof back, z, made, NULL, NULL), MEDVOL_E_CORRUPT);
    }
    z[0] = 0x79;
    CHECK_STATUS(mv_inflate_zlib(T, back, sizeof back, z, made, NULL, NULL), MEDVOL_E_FORMAT);
    z[0] = 0x78; z[1] = 0xBB;
    CHECK_STATUS(mv_inflate_zlib(T, back, sizeof back, z, made, NULL, NULL), MEDVOL_E_UNSUPPORTED);
}

/* ---- gzip members ---- */
typedef struct {
    const uint8_t *p;
    size_t n, at, step;
    int fail_at_end;
} source;
static ptrdiff_t source_read(void *user, void *dst, size_t n) {
    source *s = (source *)user;
    size_t k = s->n - s->at;
    if (k == 0 && s->fail_at_end) return -1;
    if (k > n) k = n;
    if (s->step && k > s->step) k = s->step;
    if (k) memcpy(dst, s->p + s->at, k);
    s->at += k;
    return (ptrdiff_t)k;
}
/* reads a gzip file through the reader in pieces of odd sizes and compares */
static void check_reader(
    const uint8_t *gz, size_t gn, const uint8_t *want, size_t n, size_t step, int callback) {
    mv_gzip_reader *r = NULL;
    uint8_t *out = (uint8_t *)t_guard(n);
    size_t at = 0, k, got;
    uint64_t skipped;
    source s;
    mv_gzip_info info;
    s.p = gz; s.n = gn; s.at = 0; s.step = step % 977 + 1; s.fail_at_end = 0;
    if (callback) CHECK_OK(mv_gzip_open(T, &r, source_read, &s));
    else CHECK_OK(mv_gzip_open_mem(T, &r, gz, gn));
    while (r && at < n) {
        k = step < n - at ? step : n - at;
        if (t_bits() % 4 == 0) {
            CHECK_OK(mv_gzip_skip(T, r, k, &skipped));
            CHECK(skipped == k);
            if (k) memcpy(out + at, want + at, k);
        } else {
            CHECK_OK(mv_gzip_read(T, r, out + at, k, &got));
            CHECK(got == k);
        }
        at += k;
        CHECK(mv_gzip_tell(r) == at);
        step = step * 3 % 300007 + 1;
    }
    CHECK(n == 0 || !memcmp(out, want, n));
    CHECK_OK(mv_gzip_finish(T, r, 0, &info));
    CHECK(info.verified && info.dst_n == n && info.src_n + info.tail_n == gn);
    CHECK_OK(mv_gzip_read(T, r, out, n ? 1 : 0, &got));
    CHECK(got == 0);
    mv_gzip_close(T, r);
    t_guard_free(out, n);
}
static void check_index(const uint8_t *gz, size_t gn, const uint8_t *want, size_t n, int kind) {
    mv_gzip_index x;
    int i;
    CHECK_OK(mv_gzip_index_mem(T, &x, gz, gn));
    CHECK(x.kind == kind);
    CHECK((x.count > 0) == (kind != MEDVOL_GZIP_PLAIN));
    if (kind != MEDVOL_GZIP_PLAIN) {
        CHECK(x.dst_n == n && x.src_n == gn);
        for (i = 0; i < 6; i++) {
            uint64_t a = i ? (uint64_t)t_uniform(0, (double)n) : 0,
                     b = i ? a + (uint64_t)t_uniform(0, (double)(n - a)) : n;
            uint8_t *out = (uint8_t *)t_guard((size_t)(b - a));
            CHECK_OK(mv_gzip_index_unpack(T, &x, out, a, b, gz, gn));
            CHECK(a == b || !memcmp(out, want + a, (size_t)(b - a)));
            t_guard_free(out, (size_t)(b - a));
        }
    }
    mv_gzip_index_free(T, &x);
}
static void check_container(const uint8_t *src, size_t n, const mv_gzip_opt *opt, uint64_t *h) {
    size_t cap = mv_gzip_bound(n, opt), made = 0;
    uint8_t *gz = (uint8_t *)malloc(cap), *in, *out = (uint8_t *)t_guard(n);
    mv_gzip_info info;
    int kind = opt->container ? opt->container : MEDVOL_GZIP_MGZIP;
    CHECK_OK(mv_gzip_pack(T, gz, cap, src, n, opt, &made));
    CHECK(made <= cap && mv_gzip_is(gz, made));
    *h = mix(*h, gz, made);
    in = (uint8_t *)t_guard(made);
    memcpy(in, gz, made);
    CHECK_OK(mv_gzip_unpack(T, out, n, in, made, &info));
    CHECK(info.dst_n == n && info.src_n == made && info.kind == kind && info.verified && !info.tail_n);
    CHECK(n == 0 || !memcmp(out, src, n));
    if (n) CHECK_STATUS(mv_gzip_unpack(T, out, n - 1, in, made, NULL), MEDVOL_E_SPACE);
    CHECK_STATUS(mv_gzip_unpack(T, out, n, in, made - 1, NULL), MEDVOL_E_TRUNCATED);
    check_reader(in, made, src, n, 1 + (size_t)(t_bits() % 5000), 0);
    check_reader(in, made, src, n, 200000, 1);
    check_index(in, made, src, n, kind);
    t_guard_free(in, made);
    t_guard_free(out, n);
    free(gz);
}
static void test_containers(void) {
    static const size_t ns[] = {0, 1, 352, 5000, 65280, 65281, 300000};
    size_t i, c;
    int kind;
    uint64_t h = 1;
    for (i = 0; i < sizeof ns / sizeof *ns; i++)
        for (c = 0; c < 16; c++) {
            uint8_t *src = (uint8_t *)t_guard(ns[i]);
            mv_gzip_opt o;
            memset(&o, 0, sizeof o);
            kind = (int)((i * 5 + c) % KINDS);
            fill(src, ns[i], kind);
            o.container = (int)(c & 3);
            o.level = c & 4 ? 6 : c & 8 ? MEDVOL_GZIP_STORE : 1;
            o.member = c & 8 ? 20000 : 0;
            o.align = c & 4 ? 7000 : c & 8 ? 52000 : 0;
            o.head = c & 4 ? 352 : c == 8 ? 30000 : 0;
            check_container(src, ns[i], &o, &h);
            t_guard_free(src, ns[i]);
        }
    if (!first_mix[1]) first_mix[1] = h;
    CHECK(h == first_mix[1]);
}
typedef struct {
    uint8_t *p;
    size_t n, cap, fail_after;
} sink;
static int sink_write(void *user, const void *src, size_t n) {
    sink *s = (sink *)user;
    if (s->n + n > s->cap || (s->fail_after && s->n >= s->fail_after)) return -1;
    memcpy(s->p + s->n, src, n);
    s->n += n;
    return 0;
}
static void test_writer_pieces(void) { /* the bytes do not depend on how the data come */
    size_t n = 400000, made, at, k, c;
    uint8_t *src = (uint8_t *)malloc(n), *one = (uint8_t *)malloc(2 * n), *two = (uint8_t *)malloc(2 * n);
    fill(src, n, 2);
    for (c = 0; c < 8; c++) {
        mv_gzip_opt o;
        mv_gzip_writer *w = NULL;
        mv_gzip_info info;
        sink s;
        memset(&o, 0, sizeof o);
        o.container = (int)(c & 3);
        o.member = 30000;
        o.align = c & 4 ? 8192 : 0;
        o.head = c & 4 ? 352 : 0;
        CHECK_OK(mv_gzip_pack(T, one, 2 * n, src, n, &o, &made));
        s.p = two; s.n = 0; s.cap = 2 * n; s.fail_after = 0;
        CHECK_OK(mv_gzip_writer_open(T, &w, sink_write, &s, &o));
        for (at = 0; at < n; at += k) {
            uint8_t *copy;
            k = (size_t)t_uniform(1, 60000);
            if (k > n - at) k = n - at;
            copy = (uint8_t *)malloc(k); /* gone after the call */
            memcpy(copy, src + at, k);
            CHECK_OK(mv_gzip_writer_put(T, w, copy, k));
            memset(copy, 0, k);
            free(copy);
        }
        CHECK_OK(mv_gzip_writer_close(T, w, &info));
        CHECK(s.n == made && !memcmp(one, two, made));
        CHECK(info.dst_n == n && info.src_n == made && info.members >= 1);
        s.n = 0; s.fail_after = 20000;
        CHECK_OK(mv_gzip_writer_open(T, &w, sink_write, &s, &o));
        mv_gzip_writer_put(T, w, src, n);
        CHECK_STATUS(mv_gzip_writer_close(T, w, NULL), MEDVOL_E_IO);
        CHECK_OK(mv_gzip_writer_open(T, &w, sink_write, &s, &o));
        mv_gzip_writer_abort(T, w);
        CHECK_STATUS(mv_gzip_pack(T, two, made - 1, src, n, &o, &k), MEDVOL_E_SPACE);
        CHECK(k == 0);
    }
    free(src);
    free(one);
    free(two);
}
static void test_member_layout(void) { /* members begin at slices, the head stands alone */
    size_t n = 352 + 10 * 9000, made, i;
    uint8_t *src = (uint8_t *)malloc(n), *gz = (uint8_t *)malloc(2 * n);
    mv_gzip_opt o;
    mv_gzip_index x;
    memset(&o, 0, sizeof o);
    o.member = 20000;
    o.align = 9000;
    o.head = 352;
    fill(src, n, 2);
    CHECK_OK(mv_gzip_pack(T, gz, 2 * n, src, n, &o, &made));
    CHECK_OK(mv_gzip_index_mem(T, &x, gz, made));
    CHECK(x.count == 6 && x.member[0].dst_n == 352);
    for (i = 1; i < x.count; i++)
        CHECK(x.member[i].dst_n == 18000 && x.member[i].dst == 352 + (i - 1) * 18000);
    mv_gzip_index_free(T, &x);
    o.align = 45000; /* cut in three equal parts */
    CHECK_OK(mv_gzip_pack(T, gz, 2 * n, src, n, &o, &made));
    CHECK_OK(mv_gzip_index_mem(T, &x, gz, made));
    CHECK(x.count == 7);
    for (i = 1; i < x.count; i++) CHECK(x.member[i].dst_n == 15000);
    mv_gzip_index_free(T, &x);
    free(src);
    free(gz);
}

/* a member with every optional head field */
static size_t full_head(uint8_t *p, int flags) {
    size_t n = 10;
    uint32_t c;
    memcpy(p, "\x1f\x8b\x08\x00\x01\x02\x03\x04\x00\x03", 10);
    p[3] = (uint8_t)flags;
    if (flags & 4) { memcpy(p + n, "\x06\x00XYZ\x01\x02\x03", 8); n += 8; }
    if (flags & 8) { memcpy(p + n, "name", 5); n += 5; }
    if (flags & 16) { memcpy(p + n, "a comment", 10); n += 10; }
    if (flags & 2) { c = t_crc32(0, p, n); p[n] = (uint8_t)c; p[n + 1] = (uint8_t)(c >> 8); n += 2; }
    return n;
}
static size_t body(uint8_t *p, const uint8_t *src, size_t n) {
    size_t made = 0;
    uint32_t c = mv_crc32(0, src, n);
    CHECK_OK(mv_deflate(T, p, mv_deflate_bound(n), src, n, 6, &made));
    p[made] = (uint8_t)c;
    p[made + 1] = (uint8_t)(c >> 8);
    p[made + 2] = (uint8_t)(c >> 16);
    p[made + 3] = (uint8_t)(c >> 24);
    p[made + 4] = (uint8_t)n;
    p[made + 5] = (uint8_t)(n >> 8);
    p[made + 6] = (uint8_t)(n >> 16);
    p[made + 7] = 0;
    return made + 8;
}
static mv_status unpack(const uint8_t *gz, size_t n, void *out, size_t cap, mv_gzip_info *info) {
    uint8_t *in = (uint8_t *)t_guard(n);
    mv_status st;
    mv_gzip_reader *r = NULL;
    mv_gzip_info info2;
    if (n) memcpy(in, gz, n);
    st = mv_gzip_unpack(T, out, cap, in, n, info);
    if (mv_gzip_open_mem(T, &r, in, n) == MEDVOL_OK) { /* the reader must agree */
        mv_status st2 = mv_gzip_finish(T, r, UINT64_MAX, &info2);
        CHECK(st == MEDVOL_E_SPACE || st2 == st);
        mv_gzip_close(T, r);
    }
    t_guard_free(in, n);
    return st;
}
static void test_heads(void) {
    uint8_t src[200], gz[1000], out[200];
    size_t h, n, i;
    int flags;
    mv_gzip_info info;
    fill(src, sizeof src, 3);
    for (flags = 0; flags < 32; flags++) {
        h = full_head(gz, flags);
        n = h + body(gz + h, src, sizeof src);
        CHECK_OK(unpack(gz, n, out, sizeof out, &info));
        CHECK(info.dst_n == sizeof src && info.members == 1 && !memcmp(out, src, sizeof src) &&
            info.kind == MEDVOL_GZIP_PLAIN);
        for (i = 2; i < n; i++) CHECK_STATUS(unpack(gz, i, out, sizeof out, NULL), MEDVOL_E_TRUNCATED);
        if (flags & 2) {
            gz[h - 1] ^= 1;
            CHECK_STATUS(unpack(gz, n, out, sizeof out, NULL), MEDVOL_E_CORRUPT);
            gz[h - 1] ^= 1;
        }
    }
    CHECK_STATUS(unpack(gz, 0, out, sizeof out, NULL), MEDVOL_E_FORMAT);
    CHECK_STATUS(unpack(gz, 1, out, sizeof out, NULL), MEDVOL_E_FORMAT);
    for (i = 0; i < 8; i++) { /* CRC and ISIZE */
        gz[n - 1 - i] ^= 4;
        CHECK_STATUS(unpack(gz, n, out, sizeof out, NULL), MEDVOL_E_CORRUPT);
        gz[n - 1 - i] ^= 4;
    }
    for (i = 5; i < 8; i++) {
        gz[3] = (uint8_t)(1u << i);
        CHECK_STATUS(unpack(gz, n, out, sizeof out, NULL), MEDVOL_E_UNSUPPORTED);
    }
    gz[3] = 0; gz[2] = 7;
    CHECK_STATUS(unpack(gz, n, out, sizeof out, NULL), MEDVOL_E_UNSUPPORTED);
    gz[2] = 8; gz[0] = 0;
    CHECK_STATUS(unpack(gz, n, out, sizeof out, NULL), MEDVOL_E_FORMAT);
    CHECK(!mv_gzip_is(gz, n) && !mv_gzip_is("\x1f\x8b\x08", 2) && !mv_gzip_is(NULL, 3) &&
        mv_gzip_is("\x1f\x8b\x08", 3));
}
static void test_members_and_tails(void) {
    uint8_t src[100], gz[2000], out[200];
    size_t h, one, n, i;
    mv_gzip_info info;
    fill(src, sizeof src, 3);
    h = full_head(gz, 0);
    one = h + body(gz + h, src, sizeof src);
    memcpy(gz + one, gz, one);
    CHECK_OK(unpack(gz, 2 * one, out, sizeof out, &info));
    CHECK(info.members == 2 && info.dst_n == 200 && !memcmp(out, src, 100) && !memcmp(out + 100, src, 100));
    gz[2 * one - 1] ^= 1; /* a bad later member is an error */
    CHECK_STATUS(unpack(gz, 2 * one, out, sizeof out, &info), MEDVOL_E_CORRUPT);
    CHECK(info.members == 1);
    memset(gz + one, 0, 700);
    for (i = 1; i < 600; i += 66) { /* zero padding */
        CHECK_OK(unpack(gz, one + i, out, sizeof out, &info));
        CHECK(info.members == 1 && info.tail_n == i && !info.tail_garbage && info.src_n == one);
    }
    for (i = 0; i < 4; i++) { /* garbage is told */
        static const char *const junk[] = {"x", "\x1f", "\x1f\x8c", "\0\0\0\1"};
        n = i == 3 ? 4 : strlen(junk[i]);
        memcpy(gz + one, junk[i], n);
        CHECK_OK(unpack(gz, one + n, out, sizeof out, &info));
        CHECK(info.tail_n == n && info.tail_garbage && info.members == 1 && info.verified);
    }
    T->desc.limits.max_members = 1;
    memcpy(gz + one, gz, one);
    CHECK_STATUS(unpack(gz, 2 * one, out, sizeof out, NULL), MEDVOL_E_LIMIT);
    T->desc.limits.max_members = 0;
    T->desc.limits.max_bytes = 150;
    CHECK_STATUS(unpack(gz, 2 * one, out, sizeof out, NULL), MEDVOL_E_LIMIT);
    CHECK_OK(unpack(gz, one, out, sizeof out, NULL));
    T->desc.limits.max_bytes = 0;
}
static void test_empty_members(void) { /* linear in their number, no recursion */
    static const uint8_t empty[20] = {0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255, 3, 0};
    size_t n = 100000, i;
    uint8_t *gz = (uint8_t *)malloc(n * 20), out[1];
    mv_gzip_info info;
    for (i = 0; i < n; i++) memcpy(gz + 20 * i, empty, 20);
    CHECK_OK(unpack(gz, n * 20, out, 0, &info));
    CHECK(info.members == n && info.dst_n == 0);
    free(gz);
}
static void test_bomb(void) {
    size_t n = T_SMALL ? 8000000 : 20000000, made, got;
    uint8_t *zero = (uint8_t *)calloc(1, n), *gz = (uint8_t *)malloc(200000), out[100];
    mv_gzip_opt o;
    mv_gzip_reader *r = NULL;
    memset(&o, 0, sizeof o);
    o.level = 6;
    CHECK_OK(mv_gzip_pack(T, gz, 200000, zero, n, &o, &made));
    CHECK(n < mv_inflate_bound(made));
    CHECK_STATUS(mv_gzip_unpack(T, out, sizeof out, gz, made, NULL), MEDVOL_E_SPACE);
    CHECK_OK(mv_gzip_open_mem(T, &r, gz, made));
    CHECK_OK(mv_gzip_read(T, r, out, sizeof out, &got));
    CHECK_STATUS(mv_gzip_finish(T, r, 1000000, NULL), MEDVOL_E_LIMIT);
    CHECK_STATUS(mv_gzip_read(T, r, out, 1, &got), MEDVOL_E_LIMIT); /* the error stays */
    mv_gzip_close(T, r);
    T->desc.limits.max_bytes = 1000000;
    CHECK_OK(mv_gzip_open_mem(T, &r, gz, made));
    CHECK_STATUS(mv_gzip_skip(T, r, n, NULL), MEDVOL_E_LIMIT);
    mv_gzip_close(T, r);
    free(zero);
    free(gz);
}
static void test_reader_stops_early(void) { /* what lies behind the wanted bytes is not looked at */
    size_t n = 3000000, made, got;
    uint8_t *src = (uint8_t *)malloc(n), *gz = (uint8_t *)malloc(n + 10000), *out = (uint8_t *)malloc(n);
    mv_gzip_reader *r = NULL;
    source s;
    mv_gzip_opt o;
    memset(&o, 0, sizeof o);
    o.container = MEDVOL_GZIP_PLAIN;
    fill(src, n, 2);
    CHECK_OK(mv_gzip_pack(T, gz, n + 10000, src, n, &o, &made));
    s.p = gz; s.n = made / 2; s.at = 0; s.step = 0; s.fail_at_end = 0;
    CHECK_OK(mv_gzip_open(T, &r, source_read, &s));
    CHECK_OK(mv_gzip_read(T, r, out, 352, &got));
    CHECK(got == 352 && !memcmp(out, src, 352) && s.at <= 65536);
    CHECK_OK(mv_gzip_skip(T, r, 500000, NULL));
    CHECK_OK(mv_gzip_read(T, r, out, 500000, NULL));
    CHECK(!memcmp(out, src + 500352, 500000));
    CHECK_STATUS(mv_gzip_read(T, r, out, n - 1000352, &got), MEDVOL_E_TRUNCATED);
    CHECK(got > 100000 && got < n - 1000352 && !memcmp(out, src + 1000352, got));
    CHECK_STATUS(mv_gzip_read(T, r, out, 1, &got), MEDVOL_E_TRUNCATED);
    CHECK(got == 0);
    CHECK_STATUS(mv_gzip_finish(T, r, UINT64_MAX, NULL), MEDVOL_E_TRUNCATED);
    mv_gzip_close(T, r);
    s.at = 0; s.fail_at_end = 1;
    CHECK_OK(mv_gzip_open(T, &r, source_read, &s));
    CHECK_STATUS(mv_gzip_read(T, r, out, n, &got), MEDVOL_E_IO);
    mv_gzip_close(T, r);
    CHECK_OK(mv_gzip_open_mem(T, &r, gz, made)); /* more than there is */
    CHECK_OK(mv_gzip_skip(T, r, 100, NULL));
    CHECK_STATUS(mv_gzip_read(T, r, out, n, NULL), MEDVOL_E_TRUNCATED);
    CHECK(mv_gzip_tell(r) == n && !memcmp(out, src + 100, n - 100));
    mv_gzip_close(T, r);
    mv_gzip_close(T, NULL);
    free(src);
    free(gz);
    free(out);
}
static void test_flips_and_cuts(void) { /* never a crash; success only with the right bytes */
    size_t n = 6000, made, i, got;
    uint8_t src[6000], gz[8000], out[6000];
    mv_gzip_opt o;
    mv_gzip_info info;
    int c;
    fill(src, n, 7);
    for (c = 1; c <= 3; c++) {
        memset(&o, 0, sizeof o);
        o.container = c;
        o.member = 2500;
        o.level = c == 2 ? 6 : 1;
        CHECK_OK(mv_gzip_pack(T, gz, sizeof gz, src, n, &o, &made));
        for (i = 0; i < made; i++) {
            uint8_t keep = gz[i];
            mv_status st;
            if (t_threads > 1 && i % 3 != (size_t)t_level % 3) continue; /* a third with more threads */
            st = unpack(gz, i, out, n, &info);
            /* cut between members */
            CHECK(st < 0 || (info.dst_n < n + (c == 3) && !memcmp(out, src, (size_t)info.dst_n)));
            gz[i] ^= (uint8_t)(1u << t_bits() % 8);
            st = unpack(gz, made, out, n, &info);
            got = (size_t)info.dst_n;
            CHECK(st < 0 || (got <= n && !memcmp(out, src, got) && (got == n || info.tail_garbage)));
            gz[i] = (uint8_t)t_bits();
            unpack(gz, made, out, n, NULL);
            gz[i] = keep;
        }
    }
}
static uint32_t le32(const uint8_t *p) {
    return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}
static void test_index_lies(void) { /* size fields are only a hint: the data decide */
    size_t n = 60000, made, i;
    uint8_t *src = (uint8_t *)malloc(n), *gz = (uint8_t *)malloc(2 * n), *out = (uint8_t *)malloc(n);
    mv_gzip_opt o;
    mv_gzip_info info;
    mv_gzip_index x;
    size_t first, count;
    memset(&o, 0, sizeof o);
    o.member = 10000;
    fill(src, n, 2);
    CHECK_OK(mv_gzip_pack(T, gz, 2 * n, src, n, &o, &made));
    CHECK_OK(mv_gzip_index_mem(T, &x, gz, made));
    CHECK(x.count == 6);
    CHECK_STATUS(mv_gzip_index_range(T, &x, 5, 4, &first, &count), MEDVOL_E_RANGE);
    CHECK_STATUS(mv_gzip_index_range(T, &x, 0, n + 1, &first, &count), MEDVOL_E_RANGE);
    CHECK_OK(mv_gzip_index_range(T, &x, 9999, 10001, &first, &count));
    CHECK(first == 0 && count == 2);
    CHECK_OK(mv_gzip_index_range(T, &x, 10000, 20000, &first, &count));
    CHECK(first == 1 && count == 1);
    for (i = 0; i < x.count; i++) {
        const mv_gzip_member *m = x.member + i;
        CHECK_OK(mv_gzip_member_unpack(T, out, m->dst_n, gz + m->src, m->src_n, NULL));
        CHECK(!memcmp(out, src + m->dst, m->dst_n));
        CHECK_STATUS(
            mv_gzip_member_unpack(T, out, m->dst_n - 1, gz + m->src, m->src_n, NULL), MEDVOL_E_CORRUPT);
        CHECK_STATUS(
            mv_gzip_member_unpack(T, out, m->dst_n + 1, gz + m->src, m->src_n, NULL), MEDVOL_E_CORRUPT);
        CHECK_STATUS(
            mv_gzip_member_unpack(T, out, m->dst_n, gz + m->src, m->src_n - 1, NULL), MEDVOL_E_TRUNCATED);
    }
    gz[x.member[2].src + 16] ^= 1; /* a wrong size: not indexed, still a good gzip file */
    mv_gzip_index_free(T, &x);
    CHECK_OK(mv_gzip_index_mem(T, &x, gz, made));
    CHECK(x.kind == MEDVOL_GZIP_PLAIN && x.count == 0);
    mv_gzip_index_free(T, &x);
    CHECK_OK(mv_gzip_unpack(T, out, n, gz, made, &info));
    CHECK(info.members == 6 && info.dst_n == n && !memcmp(out, src, n));
    { /* one claim that covers two members adds up, but is found out */
        uint32_t a, b;
        CHECK_OK(mv_gzip_pack(T, gz, 2 * n, src, n, &o, &made));
        a = le32(gz + 16);
        if (!CHECK(a < made - 20)) return;
        b = le32(gz + a + 16);
        for (i = 0; i < 4; i++) gz[16 + i] = (uint8_t)((a + b) >> 8 * i);
        CHECK_OK(mv_gzip_index_mem(T, &x, gz, made));
        CHECK(x.count == 5);
        CHECK_STATUS(mv_gzip_index_unpack(T, &x, out, 0, x.dst_n, gz, made), MEDVOL_E_CORRUPT);
        mv_gzip_index_free(T, &x);
        CHECK_OK(mv_gzip_unpack(T, out, n, gz, made, &info));
        CHECK(info.members == 6 && !memcmp(out, src, n));
    }
    free(src);
    free(gz);
    free(out);
}
static void test_member_scratch(void) { /* with it a member takes no memory, and not a byte more */
    size_t n = 60000, made, size = mv_gzip_scratch_size(), i, k, before;
    uint8_t *src = (uint8_t *)malloc(n), *gz = (uint8_t *)malloc(2 * n), *out = (uint8_t *)malloc(n);
    uint8_t *scratch = (uint8_t *)t_guard(size);
    mv_gzip_opt o;
    mv_gzip_index x;
    CHECK(size > 0 && size % 64 == 0 && size <= 48 * 1024);
    memset(&o, 0, sizeof o);
    o.member = 7000;
    fill(src, n, 2);
    CHECK_OK(mv_gzip_pack(T, gz, 2 * n, src, n, &o, &made));
    CHECK_OK(mv_gzip_index_mem(T, &x, gz, made));
    CHECK(x.count > 5);
    before = t_allocations();
    t_fail_alloc(1, 1);
    for (i = 0; i < x.count; i++)
        for (k = 0; k < 2; k++) { /* whatever the scratch holds */
            const mv_gzip_member *m = x.member + i;
            memset(scratch, k ? 0xff : 0, size);
            memset(out, 0, n);
            CHECK_OK(mv_gzip_member_unpack(k ? T : NULL, out, m->dst_n, gz + m->src, m->src_n, scratch));
            CHECK(!memcmp(out, src + m->dst, m->dst_n));
            gz[m->src + m->src_n - 6] ^= 1;
            CHECK_STATUS(mv_gzip_member_unpack(T, out, m->dst_n, gz + m->src, m->src_n, scratch),
                MEDVOL_E_CORRUPT);
            gz[m->src + m->src_n - 6] ^= 1;
        }
    CHECK(t_allocations() == before);
    CHECK_STATUS(mv_gzip_member_unpack(T, out, x.member->dst_n, gz + x.member->src, x.member->src_n, NULL),
        MEDVOL_E_NOMEM);
    t_fail_alloc(0, 0);
    mv_gzip_index_free(T, &x);
    t_guard_free(scratch, size);
    free(src);
    free(gz);
    free(out);
}
static int stop_now(void *user, double done, double total, const char *label) {
    (void)done; (void)total; (void)label;
    return ++*(int *)user > 0;
}
static void test_cancel_and_memory(void) {
    size_t n = 200000, made, k;
    uint8_t *src = (uint8_t *)malloc(n), *gz = (uint8_t *)malloc(2 * n), *out = (uint8_t *)malloc(n);
    mv_gzip_opt o;
    mv_gzip_reader *r;
    mv_gzip_index x;
    int calls = 0;
    mv_status st = MEDVOL_E_NOMEM;
    memset(&o, 0, sizeof o);
    o.member = 5000;
    fill(src, n, 2);
    CHECK_OK(mv_gzip_pack(T, gz, 2 * n, src, n, &o, &made));
    T->desc.progress = stop_now;
    T->desc.progress_user = &calls;
    CHECK_STATUS(mv_gzip_pack(T, gz, 2 * n, src, n, &o, &made), MEDVOL_E_CANCELLED);
    T->desc.progress = NULL;
    CHECK_OK(mv_gzip_pack(T, gz, 2 * n, src, n, &o, &made));
    if (t_threads > 1) {
        calls = 0;
        T->desc.progress = stop_now;
        CHECK_STATUS(mv_gzip_unpack(T, out, n, gz, made, NULL), MEDVOL_E_CANCELLED);
        T->desc.progress = NULL;
    }
    for (k = 1; st != MEDVOL_OK && k < 50; k++) { /* each allocation refused in turn */
        size_t small;
        t_fail_alloc(k, 1);
        st = mv_gzip_pack(T, out, n, src, 1000, &o, &small);
        CHECK(st == MEDVOL_OK || st == MEDVOL_E_NOMEM);
    }
    t_fail_alloc(1, 1);
    CHECK_STATUS(mv_deflate(T, out, n, src, 100, 1, NULL), MEDVOL_E_NOMEM);
    CHECK_STATUS(mv_inflate(T, out, n, src, 100, NULL, NULL), MEDVOL_E_NOMEM);
    CHECK_STATUS(mv_gzip_unpack(T, out, n, gz, made, NULL), MEDVOL_E_NOMEM);
    CHECK_STATUS(mv_gzip_open_mem(T, &r, gz, made), MEDVOL_E_NOMEM);
    CHECK(r == NULL);
    CHECK_STATUS(mv_gzip_index_mem(T, &x, gz, made), MEDVOL_E_NOMEM);
    CHECK(x.member == NULL);
    t_fail_alloc(0, 0);
    free(src);
    free(gz);
    free(out);
}
static void test_gzip_arguments(void) {
    uint8_t b[64] = {0};
    mv_gzip_reader *r;
    mv_gzip_writer *w;
    mv_gzip_index x;
    mv_gzip_opt o;
    size_t made;
    CHECK_STATUS(mv_gzip_unpack(T, NULL, 5, b, 10, NULL), MEDVOL_E_NULL);
    CHECK_STATUS(mv_gzip_unpack(T, b, 5, NULL, 10, NULL), MEDVOL_E_NULL);
    CHECK_STATUS(mv_gzip_unpack(T, b, 20, b + 10, 10, NULL), MEDVOL_E_ALIAS);
    CHECK_STATUS(mv_gzip_open(T, NULL, source_read, NULL), MEDVOL_E_NULL);
    CHECK_STATUS(mv_gzip_open(T, &r, NULL, NULL), MEDVOL_E_NULL);
    CHECK_STATUS(mv_gzip_open_mem(T, &r, NULL, 1), MEDVOL_E_NULL);
    CHECK_STATUS(mv_gzip_read(T, NULL, b, 1, NULL), MEDVOL_E_NULL);
    CHECK_STATUS(mv_gzip_skip(T, NULL, 1, NULL), MEDVOL_E_NULL);
    CHECK_STATUS(mv_gzip_finish(T, NULL, 1, NULL), MEDVOL_E_NULL);
    CHECK_STATUS(mv_gzip_index_mem(T, NULL, b, 1), MEDVOL_E_NULL);
    CHECK_STATUS(mv_gzip_index_mem(T, &x, NULL, 1), MEDVOL_E_NULL);
    CHECK_STATUS(mv_gzip_index_scan(T, &x, NULL, NULL, 1), MEDVOL_E_NULL);
    CHECK_STATUS(mv_gzip_pack(T, NULL, 5, b, 10, NULL, &made), MEDVOL_E_NULL);
    CHECK_STATUS(mv_gzip_pack(T, b, 50, NULL, 10, NULL, &made), MEDVOL_E_NULL);
    CHECK_STATUS(mv_gzip_pack(T, b, 50, b + 20, 10, NULL, &made), MEDVOL_E_ALIAS);
    CHECK_STATUS(mv_gzip_writer_open(T, &w, NULL, NULL, NULL), MEDVOL_E_NULL);
    CHECK_STATUS(mv_gzip_writer_put(T, NULL, b, 1), MEDVOL_E_NULL);
    CHECK_STATUS(mv_gzip_writer_close(T, NULL, NULL), MEDVOL_E_NULL);
    mv_gzip_writer_abort(T, NULL);
    mv_gzip_index_free(T, NULL);
    memset(&o, 0, sizeof o);
    o.level = 10;
    CHECK_STATUS(mv_gzip_pack(T, b, 20, b + 30, 10, &o, &made), MEDVOL_E_RANGE);
    CHECK(mv_gzip_bound(10, &o) == SIZE_MAX);
    o.level = -2;
    CHECK_STATUS(mv_gzip_pack(T, b, 20, b + 30, 10, &o, &made), MEDVOL_E_RANGE);
    o.level = 0; o.container = 4;
    CHECK_STATUS(mv_gzip_pack(T, b, 20, b + 30, 10, &o, &made), MEDVOL_E_RANGE);
    o.container = 0; o.member = ((size_t)1 << 30) + 1;
    CHECK_STATUS(mv_gzip_pack(T, b, 20, b + 30, 10, &o, &made), MEDVOL_E_RANGE);
    CHECK(mv_gzip_bound(SIZE_MAX, NULL) == SIZE_MAX);
}

const t_case tests_gzip[] = {
    {"checksums", test_checksums, 0},
    {"stored_and_types", test_stored_and_types, 0},
    {"fixed_block", test_fixed_block, 0},
    {"dynamic_distances", test_dynamic_distances, 0},
    {"dynamic_lengths", test_dynamic_lengths, 0},
    {"dynamic_heads", test_dynamic_heads, 0},
    {"far_distance", test_far_distance, 0},
    {"deflate", test_deflate, 0},
    {"deflate_arguments", test_deflate_arguments, 0},
    {"zlib", test_zlib, 0},
    {"containers", test_containers, 0},
    {"writer_pieces", test_writer_pieces, 0},
    {"member_layout", test_member_layout, 0},
    {"heads", test_heads, 0},
    {"members_and_tails", test_members_and_tails, 0},
    {"empty_members", test_empty_members, 0},
    {"bomb", test_bomb, 0},
    {"reader_stops_early", test_reader_stops_early, 0},
    {"flips_and_cuts", test_flips_and_cuts, 0},
    {"index_lies", test_index_lies, 0},
    {"member_scratch", test_member_scratch, 0},
    {"cancel_and_memory", test_cancel_and_memory, 0},
    {"arguments", test_gzip_arguments, 0},
    {NULL, NULL, 0},
};
