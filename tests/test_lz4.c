/* test_lz4.c - LZ4 blocks against a decoder of the format's rules and blocks made by hand; byte shuffles. */
#include "test.h"

/* the format byte by byte: length, or -1 for what is no block (or more than cap) */
static long slow(uint8_t *dst, size_t cap, const uint8_t *src, size_t n) {
    size_t i = 0, o = 0, k;
    while (i < n) {
        size_t lit = src[i] >> 4, len = src[i] & 15, off;
        i++;
        if (lit == 15) do { if (i >= n) return -1; lit += src[i]; } while (src[i++] == 255);
        if (lit > n - i || lit > cap - o) return -1;
        for (k = 0; k < lit; k++) dst[o++] = src[i++];
        if (i == n) return (long)o;
        if (n - i < 2) return -1;
        off = src[i] + 256u * src[i + 1];
        i += 2;
        if (len == 15) do { if (i >= n) return -1; len += src[i]; } while (src[i++] == 255);
        len += 4;
        if (off == 0 || off > o || len > cap - o) return -1;
        for (k = 0; k < len; k++, o++) dst[o] = dst[o - off];
    }
    return -1;
}
/* the rules for the end of a block: the last 5 bytes are literals, no match begins in the last 12 */
static int ends_well(const uint8_t *src, size_t n) {
    size_t i = 0, o = 0, begun = 0, ended = 0, matches = 0;
    for (;;) {
        size_t lit = src[i] >> 4, len = src[i] & 15;
        i++;
        if (lit == 15) do lit += src[i]; while (src[i++] == 255);
        i += lit, o += lit;
        if (i == n) return matches == 0 || (o - ended >= 5 && o - begun >= 12);
        i += 2;
        if (len == 15) do len += src[i]; while (src[i++] == 255);
        begun = o, o += len + 4, ended = o, matches++;
    }
}
static void fill(uint8_t *p, size_t n, int kind) {
    size_t i;
    for (i = 0; i < n; i++)
        switch (kind) {
            case 0: p[i] = 0; break;
            case 1: p[i] = (uint8_t)t_bits(); break;
            case 2: p[i] = (uint8_t)(t_bits() % 3); break;
            case 3: p[i] = (uint8_t)"abcdefghijklm"[i % 13]; break;
            case 4: p[i] = (uint8_t)(t_bits() % 16 ? (i >= 70000 ? p[i - 70000] : i) : t_bits()); break;
            case 5: p[i] = (uint8_t)(i % 1000 < 900 ? 7 : t_bits()); break;
            default: p[i] = (uint8_t)(100 + 20 * sin((double)i * 0.01) + (double)(t_bits() % 4)); break;
        }
}
static void round_trip(const uint8_t *data, size_t n) {
    const size_t bound = mv_lz4_bound(n);
    uint8_t *src = (uint8_t *)t_guard(n), *mid = (uint8_t *)t_guard(bound), *tight, *out =
        (uint8_t *)t_guard(n),
            *by_rule = (uint8_t *)malloc(n + 1);
    size_t made = 9, back = 9;
    memcpy(src, data, n);
    CHECK_OK(mv_lz4_compress(T, mid, bound, src, n, &made));
    CHECK(made >= 1 && made <= bound && ends_well(mid, made));
    CHECK(slow(by_rule, n, mid, made) == (long)n && !memcmp(by_rule, data, n));
    tight = (uint8_t *)t_guard(made);
    memcpy(tight, mid, made);
    CHECK_OK(mv_lz4_decompress(T, out, n, tight, made, &back));
    CHECK(back == n && !memcmp(out, data, n));
    if (n > 0) {
        CHECK_STATUS(mv_lz4_decompress(T, out, n - 1, tight, made, &back), MEDVOL_E_SPACE);
        CHECK(back == 0);
    }
    CHECK_OK(mv_lz4_compress(T, tight, made, src, n, &back)); /* what it takes is enough here */
    CHECK(back == made && !memcmp(tight, mid, made));
    CHECK_STATUS(mv_lz4_compress(T, tight, made - 1, src, n, &back), MEDVOL_E_SPACE);
    t_guard_free(src, n);
    t_guard_free(mid, bound);
    t_guard_free(tight, made);
    t_guard_free(out, n);
    free(by_rule);
}
static void test_round(void) {
    static const size_t sizes[] = {0, 1, 4, 5, 11,
        12, 13, 14, 15, 16, 17, 18, 19, 31, 32, 33, 64, 65, 100, 255,
        270, 271, 300, 1000, 4096, 65535, 65536, 70001, 200000};
    static uint8_t data[200000];
    size_t k;
    int kind;
    t_seed(11);
    for (kind = 0; kind < 7; kind++)
        for (k = 0; k < sizeof sizes / sizeof *sizes; k++) {
            fill(data, sizes[k], kind);
            round_trip(data, sizes[k]);
        }
    for (k = 0; k < 600; k++) { /* small ones of every length */
        fill(data, k, 2 + (int)(k % 4));
        round_trip(data, k);
    }
}
static void test_distances(void) { /* every short distance with lengths around the copies' widths */
    uint8_t src[600], want[900], out[900];
    size_t off, len, i, made, room;
    for (off = 1; off <= 40; off++)
        for (len = 4; len <= 120; len += len < 40 ? 1 : 7) {
            size_t n = 0, total = off + len + 5;
            long slowly;
            src[n++] = (uint8_t)((off < 15 ? off : 15) << 4 | (len - 4 < 15 ? len - 4 : 15));
            if (off >= 15) src[n++] = (uint8_t)(off - 15);
            for (i = 0; i < off; i++) src[n++] = (uint8_t)(i * 37 + 1);
            src[n++] = (uint8_t)off, src[n++] = 0;
            if (len - 4 >= 15) src[n++] = (uint8_t)(len - 4 - 15);
            src[n++] = 5 << 4;
            for (i = 0; i < 5; i++) src[n++] = (uint8_t)(200 + i);
            slowly = slow(want, sizeof want, src, n);
            CHECK(slowly == (long)total);
            for (room = total; room < total + 100; room += 13) { /* careful and quick copies */
                memset(out, 0xee, sizeof out);
                CHECK_OK(mv_lz4_decompress(T, out, room, src, n, &made));
                CHECK(made == total && !memcmp(out, want, total));
                for (i = room; i < sizeof out; i++) CHECK(out[i] == 0xee);
            }
            CHECK_STATUS(mv_lz4_decompress(T, out, total - 1, src, n, &made), MEDVOL_E_SPACE);
        }
}
static void test_by_hand(void) {
    static const struct { const char *b; size_t n; size_t cap; mv_status want; } c[] = {
        {"", 0, 9, MEDVOL_E_CORRUPT},                      /* no token */
        {"\x00", 1, 0, MEDVOL_OK},                         /* nothing */
        {"\x10" "A", 2, 1, MEDVOL_OK},
        {"\x10" "A", 2, 0, MEDVOL_E_SPACE},
        {"\x20" "A", 2, 9, MEDVOL_E_CORRUPT},              /* literals go on behind the end */
        {"\xf0", 1, 99, MEDVOL_E_CORRUPT},                 /* in a length */
        {"\xf0\xff", 2, 999, MEDVOL_E_CORRUPT},
        {"\xf0\xff\xff\xff\xff", 5, 99, MEDVOL_E_CORRUPT},
        {"\x10" "A\x01", 3, 99, MEDVOL_E_CORRUPT},         /* in a distance */
        {"\x10" "A\x01\x00", 4, 99, MEDVOL_E_CORRUPT},     /* behind a match */
        {"\x10" "A\x00\x00\x10" "B", 6, 99, MEDVOL_E_CORRUPT}, /* distance 0 */
        {"\x10" "A\x02\x00\x10" "B", 6, 99, MEDVOL_E_CORRUPT}, /* before the data */
        {"\x00\x01\x00\x10" "B", 5, 99, MEDVOL_E_CORRUPT},
        {"\x10" "A\x01\x00\x10" "B", 6, 99, MEDVOL_OK},
        {"\x10" "A\x01\x00\x10" "B", 6, 6, MEDVOL_OK},
        {"\x10" "A\x01\x00\x10" "B", 6, 5, MEDVOL_E_SPACE},
        {"\x1f" "A\x01\x00\xff\xff\xff", 7, 99, MEDVOL_E_CORRUPT},
        {"\x1f" "A\x01\x00\xff\xff\x01\x10" "B", 9, 99, MEDVOL_E_SPACE},
    };
    size_t k, made;
    uint8_t out[1000];
    for (k = 0; k < sizeof c / sizeof *c; k++) {
        uint8_t *src = (uint8_t *)t_guard(c[k].n), *dst = (uint8_t *)t_guard(c[k].cap);
        memcpy(src, c[k].b, c[k].n);
        CHECK_STATUS(mv_lz4_decompress(T, dst, c[k].cap, src, c[k].n, &made), c[k].want);
        t_guard_free(src, c[k].n);
        t_guard_free(dst, c[k].cap);
    }
    CHECK_OK(mv_lz4_decompress(T, out, 99, "\x10" "A\x01\x00\x10" "B", 6, &made));
    CHECK(made == 6 && !memcmp(out, "AAAAAB", 6));
    /* a distance of 7, a length that is just told by the token */
    {
        static const char text[] = "medvol medvol medvol medvol medvol, end.";
        static const uint8_t want[] = {0x7b, 'm', 'e',
            'd', 'v', 'o', 'l', ' ', 7, 0, 0x60, ',', ' ', 'e', 'n', 'd',
            '.'};
        CHECK(slow(out, sizeof out, want, sizeof want) == 28);
        CHECK_OK(mv_lz4_decompress(T, out, sizeof out, want, sizeof want, &made));
        CHECK(made == 28 && !memcmp(out, "medvol medvol medvol m, end.", 28));
        CHECK_OK(mv_lz4_compress(T, out, sizeof out, text, 40, &made));
        CHECK(made < 25);
    }
}
static void test_hostile(void) { /* any bytes: the answer of the rules, nothing beside the buffers */
    uint8_t block[400], want[2000], *src, *dst;
    size_t k, n, cap, made;
    t_seed(5);
    for (k = 0; k < 6000; k++) {
        uint8_t plain[500];
        long slowly;
        n = t_bits() % 500;
        fill(plain, n, 2 + (int)(k % 4));
        CHECK_OK(mv_lz4_compress(T, want, sizeof want, plain, n, &made));
        n = made < sizeof block ? made : sizeof block;
        memcpy(block, want, n);
        for (made = 0; made < 1 + k % 4; made++) block[t_bits() % n] = (uint8_t)t_bits();
        if (k % 5 == 0) n = 1 + t_bits() % n;
        cap = k % 3 ? 500 : t_bits() % 2000;
        src = (uint8_t *)t_guard(n), dst = (uint8_t *)t_guard(cap);
        memcpy(src, block, n);
        slowly = slow(want, cap, block, n);
        if (slowly >= 0) {
            CHECK_OK(mv_lz4_decompress(T, dst, cap, src, n, &made));
            CHECK((long)made == slowly && !memcmp(dst, want, made));
        } else {
            mv_status st = mv_lz4_decompress(T, dst, cap, src, n, &made);
            CHECK((st == MEDVOL_E_CORRUPT || st == MEDVOL_E_SPACE) && made == 0);
        }
        t_guard_free(src, n);
        t_guard_free(dst, cap);
    }
}
static void test_ratio(void) { /* what a codec is for */
    size_t n = 1 << 20, made, i;
    uint8_t *p = (uint8_t *)malloc(n), *q = (uint8_t *)malloc(mv_lz4_bound(n));
    float *f = (float *)malloc(n);
    memset(p, 0, n);
    CHECK_OK(mv_lz4_compress(T, q, mv_lz4_bound(n), p, n, &made));
    CHECK(made < n / 250);
    for (i = 0; i < n / 4; i++) f[i] = (float)(int)(1000.0 * sin((double)i * 1e-3));
    CHECK_OK(mv_byte_shuffle(T, p, f, n, 4));
    CHECK_OK(mv_lz4_compress(T, q, mv_lz4_bound(n), p, n, &made));
    CHECK(made < n / 2); /* shuffled; as they are next to nothing is gained */
    t_seed(3);
    for (i = 0; i < n; i++) p[i] = (uint8_t)t_bits();
    CHECK_OK(mv_lz4_compress(T, q, mv_lz4_bound(n), p, n, &made));
    CHECK(made <= mv_lz4_bound(n) && made >= n);
    free(p);
    free(q);
    free(f);
}
static int stop(void *user, double done, double total, const char *label) {
    return (void)total, (void)label, ++*(int *)user, done > 0;
}
static void test_cancel(void) {
    const size_t n = (size_t)40 << 20;
    uint8_t *p, *q;
    size_t made, k;
    int calls = 0;
    if (T_SMALL) {
        t_skip("needs 80 MB");
        return;
    }
    p = (uint8_t *)malloc(n), q = (uint8_t *)malloc(mv_lz4_bound(n));
    for (k = 0; k < n; k++) p[k] = (uint8_t)(k >> 6 ^ k >> 13);
    T->desc.progress_user = &calls;
    T->desc.progress = stop;
    CHECK_STATUS(mv_lz4_compress(T, q, mv_lz4_bound(n), p, n, &made), MEDVOL_E_CANCELLED);
    CHECK(calls == 1 && made == 0);
    T->desc.progress = NULL;
    CHECK_OK(mv_lz4_compress(T, q, mv_lz4_bound(n), p, n, &k));
    T->desc.progress = stop;
    CHECK_STATUS(mv_lz4_decompress(T, p, n, q, k, &made), MEDVOL_E_CANCELLED);
    CHECK(calls == 2 && made == 0);
    T->desc.progress = NULL;
    free(p);
    free(q);
}
static void test_bad(void) {
    uint8_t a[64], b[64];
    size_t made = 3;
    memset(a, 0, sizeof a);
    CHECK_STATUS(mv_lz4_compress(T, b, 64, a, 64, NULL), MEDVOL_E_NULL);
    CHECK_STATUS(mv_lz4_compress(T, NULL, 64, a, 64, &made), MEDVOL_E_NULL);
    CHECK_STATUS(mv_lz4_compress(T, b, 64, NULL, 64, &made), MEDVOL_E_NULL);
    CHECK_STATUS(mv_lz4_compress(T, a + 10, 20, a, 64, &made), MEDVOL_E_ALIAS);
    CHECK_STATUS(mv_lz4_compress(T, NULL, 0, a, 64, &made), MEDVOL_E_SPACE);
    CHECK_STATUS(mv_lz4_compress(T, NULL, 0, NULL, 0, &made), MEDVOL_E_SPACE);
    CHECK_STATUS(mv_lz4_decompress(T, b, 64, a, 64, NULL), MEDVOL_E_NULL);
    CHECK_STATUS(mv_lz4_decompress(T, NULL, 64, a, 64, &made), MEDVOL_E_NULL);
    CHECK_STATUS(mv_lz4_decompress(T, b, 64, NULL, 64, &made), MEDVOL_E_NULL);
    CHECK_STATUS(mv_lz4_decompress(T, a, 64, a + 63, 1, &made), MEDVOL_E_ALIAS);
    CHECK(made == 0);
    CHECK_OK(mv_lz4_decompress(T, NULL, 0, a, 1, &made));
    CHECK(mv_lz4_bound(0) == 16 && mv_lz4_bound(255) == 272);
    CHECK(mv_lz4_bound((size_t)0x7E000000 + 1) == SIZE_MAX && mv_lz4_bound(SIZE_MAX) == SIZE_MAX);
    if (sizeof(size_t) > 4) {
        mv_status st;
        made = 0x7E000000;
        st = mv_lz4_compress(T, NULL, 0, a, made + 1, &made); /* refused before a byte is read */
        CHECK_STATUS(st, MEDVOL_E_SIZE);
    }
}

/* ---- shuffles ---- */
static void test_shuffle(void) {
    static const size_t units[] = {1, 2, 3, 4, 5, 7, 8, 12, 16, 24};
    size_t u, n, i, k;
    t_seed(8);
    for (u = 0; u < sizeof units / sizeof *units; u++)
        for (n = 0; n < 9000; n += n < 300 ? 1 : 1237) {
            const size_t unit = units[u], count = n / unit;
            uint8_t *src = (uint8_t *)t_guard(n), *dst = (uint8_t *)t_guard(n), *back = (uint8_t *)t_guard(n);
            int good = 1;
            for (i = 0; i < n; i++) src[i] = (uint8_t)t_bits();
            CHECK_OK(mv_byte_shuffle(T, dst, src, n, unit));
            for (i = 0; i < count; i++)
                for (k = 0; k < unit; k++) good = good && dst[k * count + i] == src[i * unit + k];
            for (i = count * unit; i < n; i++) good = good && dst[i] == src[i];
            CHECK(good);
            CHECK_OK(mv_byte_unshuffle(T, back, dst, n, unit));
            CHECK(!memcmp(back, src, n));
            t_guard_free(src, n);
            t_guard_free(dst, n);
            t_guard_free(back, n);
        }
}
static void test_shuffle_bad(void) {
    uint8_t a[64], b[64];
    memset(a, 1, sizeof a);
    CHECK_STATUS(mv_byte_shuffle(T, NULL, a, 64, 4), MEDVOL_E_NULL);
    CHECK_STATUS(mv_byte_shuffle(T, b, NULL, 64, 4), MEDVOL_E_NULL);
    CHECK_STATUS(mv_byte_shuffle(T, b, a, 64, 0), MEDVOL_E_RANGE);
    CHECK_STATUS(mv_byte_shuffle(T, a + 1, a, 32, 4), MEDVOL_E_ALIAS);
    CHECK_STATUS(mv_byte_unshuffle(T, NULL, a, 64, 4), MEDVOL_E_NULL);
    CHECK_STATUS(mv_byte_unshuffle(T, b, NULL, 64, 4), MEDVOL_E_NULL);
    CHECK_STATUS(mv_byte_unshuffle(T, b, a, 64, 0), MEDVOL_E_RANGE);
    CHECK_STATUS(mv_byte_unshuffle(T, a, a, 64, 4), MEDVOL_E_ALIAS);
    CHECK_OK(mv_byte_shuffle(T, NULL, NULL, 0, 4));
    CHECK_OK(mv_byte_unshuffle(T, NULL, NULL, 0, SIZE_MAX));
    CHECK_OK(mv_byte_shuffle(T, b, a, 64, SIZE_MAX)); /* no whole element */
    CHECK(!memcmp(a, b, 64));
}

const t_case tests_lz4[] = {
    {"round_trip", test_round, T_ONCE},
    {"distances", test_distances, T_ONCE},
    {"by_hand", test_by_hand, T_ONCE},
    {"hostile", test_hostile, T_ONCE},
    {"ratio", test_ratio, 0},
    {"cancel", test_cancel, T_ONCE},
    {"bad", test_bad, T_ONCE},
    {"shuffle", test_shuffle, 0},
    {"shuffle_bad", test_shuffle_bad, T_ONCE},
    {0},
};
