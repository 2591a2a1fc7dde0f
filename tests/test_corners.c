/* test_corners.c - the far corners of [GZIP] and [IO]: every pointer missing, no context at all, sources that
   fail in the middle, sizes at the edge of what can be counted, the operating system's refusals. `make
   coverage` shows what else is not reached. */
#if defined(__unix__) || defined(__APPLE__)
#  define _DEFAULT_SOURCE 1
#  include <sys/stat.h>
#  include <unistd.h>
#  define POSIX 1
#endif
#include "nifti.h"

static int message_has(const char *text) { return strstr(mv_message(T), text) != NULL; }

/* ---- gzip: a source in pieces that can go wrong at any call ---- */
typedef struct {
    const unsigned char *p;
    size_t n, at, piece;
    int calls, bad_call; /* which call fails, counted from 1; 0: none */
    ptrdiff_t bad;       /* what it returns */
} source;
static ptrdiff_t source_read(void *user, void *dst, size_t n) {
    source *s = (source *)user;
    size_t k = s->n - s->at;
    if (++s->calls == s->bad_call) return s->bad < 0 ? s->bad : (ptrdiff_t)n + s->bad;
    if (k > n) k = n;
    if (k > s->piece) k = s->piece;
    memcpy(dst, s->p + s->at, k);
    s->at += k;
    return (ptrdiff_t)k;
}
static int refuse_write(void *user, const void *src, size_t n) { /* fails at call *user */
    int *left = (int *)user;
    (void)src;
    (void)n;
    return --*left == 0 ? -1 : 0;
}
static const unsigned char *text_of(size_t n) { /* compressible, 200 kB at most */
    static unsigned char b[200000];
    size_t i;
    for (i = 0; i < n; i++) b[i] = (unsigned char)("medical volumes"[i % 15] + (i >> 10));
    return b;
}
static bytes packed(size_t n, int container, int level, size_t member) {
    mv_gzip_opt o = {0};
    bytes b;
    size_t made = 0;
    o.container = container, o.level = level, o.member = member;
    b = bytes_new(mv_gzip_bound(n, &o));
    CHECK_OK(mv_gzip_pack(T, b.p, b.n, text_of(n), n, &o, &made));
    b.n = made;
    return b;
}

static void test_gzip_null(void) { /* MEDVOL_E_NULL that names the pointer, results zeroed, no context needed */
    unsigned char b[64] = {0}, out[64];
    size_t first = 7, count = 7, n = 7;
    mv_gzip_index x;
    mv_gzip_reader *r = (mv_gzip_reader *)(void *)b;
    mv_gzip_writer *w = (mv_gzip_writer *)(void *)b;
    mv_gzip_info info;
    source s = {0};
#define NULL_OF(call, name) (CHECK_STATUS(call, MEDVOL_E_NULL), CHECK(!strcmp(T->error.field, name)))
    NULL_OF(mv_inflate(T, NULL, 4, b, 4, NULL, NULL), "dst");
    NULL_OF(mv_inflate(T, out, 4, NULL, 4, &n, &first), "src");
    CHECK(n == 0 && first == 0);
    first = n = 7;
    NULL_OF(mv_inflate_zlib(T, out, 4, NULL, 4, &n, &first), "src");
    CHECK(n == 0 && first == 0);
    NULL_OF(mv_inflate_zlib(T, NULL, 4, b, 4, NULL, NULL), "dst");
    n = 7;
    NULL_OF(mv_deflate(T, NULL, 4, b, 4, 1, &n), "dst");
    CHECK(n == 0);
    NULL_OF(mv_deflate(T, out, 4, NULL, 4, 1, NULL), "src");
    NULL_OF(mv_deflate_zlib(T, out, 4, NULL, 4, 1, NULL), "src");
    NULL_OF(mv_gzip_unpack(T, out, 4, NULL, 4, NULL), "src");
    NULL_OF(mv_gzip_pack(T, NULL, 4, b, 4, NULL, NULL), "dst");
    n = 7;
    NULL_OF(mv_gzip_pack(T, out, 4, NULL, 4, NULL, &n), "src");
    CHECK(n == 0);
    NULL_OF(mv_gzip_open(T, NULL, source_read, &s), "reader");
    NULL_OF(mv_gzip_open(T, &r, NULL, NULL), "read");
    CHECK(r == NULL);
    NULL_OF(mv_gzip_open_mem(T, NULL, b, 4), "reader");
    r = (mv_gzip_reader *)(void *)b;
    NULL_OF(mv_gzip_open_mem(T, &r, NULL, 4), "src");
    CHECK(r == NULL);
    NULL_OF(mv_gzip_read(T, NULL, out, 4, &n), "reader");
    NULL_OF(mv_gzip_skip(T, NULL, 4, NULL), "reader");
    memset(&info, 1, sizeof info);
    NULL_OF(mv_gzip_finish(T, NULL, 0, &info), "reader");
    CHECK(info.src_n == 0 && info.kind == 0);
    CHECK(mv_gzip_tell(NULL) == 0);
    mv_gzip_close(T, NULL);
    NULL_OF(mv_gzip_index_scan(T, NULL, NULL, NULL, 4), "index");
    memset(&x, 1, sizeof x);
    NULL_OF(mv_gzip_index_scan(T, &x, NULL, NULL, 4), "read_at");
    CHECK(x.member == NULL && x.count == 0);
    NULL_OF(mv_gzip_index_mem(T, NULL, b, 4), "index");
    NULL_OF(mv_gzip_index_mem(T, &x, NULL, 4), "src");
    mv_gzip_index_free(T, NULL);
    NULL_OF(mv_gzip_index_range(T, NULL, 0, 0, &first, &count), "index");
    CHECK(first == 0 && count == 0);
    first = count = 7;
    NULL_OF(mv_gzip_index_range(T, &x, 0, 0, NULL, &count), "first or count");
    NULL_OF(mv_gzip_index_range(T, &x, 0, 0, &first, NULL), "first or count");
    CHECK(first == 0 && count == 0);
    NULL_OF(mv_gzip_member_unpack(T, NULL, 4, b, 4, NULL), "dst");
    NULL_OF(mv_gzip_writer_open(T, NULL, refuse_write, NULL, NULL), "writer");
    NULL_OF(mv_gzip_writer_open(T, &w, NULL, NULL, NULL), "write");
    CHECK(w == NULL);
    NULL_OF(mv_gzip_writer_put(T, NULL, b, 4), "writer");
    NULL_OF(mv_gzip_writer_close(T, NULL, NULL), "writer");
    CHECK_OK(mv_gzip_writer_open(T, &w, refuse_write, &count, NULL));
    NULL_OF(mv_gzip_writer_put(T, w, NULL, 4), "src");
    mv_gzip_writer_abort(T, w);
    CHECK_OK(mv_gzip_open_mem(T, &r, b, 4));
    NULL_OF(mv_gzip_read(T, r, NULL, 4, NULL), "dst");
    mv_gzip_close(T, r);
    CHECK(!mv_gzip_is(NULL, 9) && !mv_gzip_is("\x1f\x8b\x08", 2) && mv_gzip_is("\x1f\x8b\x08", 3) &&
        !mv_gzip_is("\x1f\x8b\x07", 3) && !mv_gzip_is("\x1f\x8a\x08", 3) && !mv_gzip_is("\x1e\x8b\x08", 3));
}

static void test_gzip_sizes(void) { /* at the edge of what can be counted */
    static const size_t over[] = {SIZE_MAX, SIZE_MAX - 1, SIZE_MAX - 100, SIZE_MAX - SIZE_MAX / 4096};
    mv_gzip_opt o = {0};
    mv_gzip_index x;
    mv_gzip_member m = {0};
    unsigned char b[8];
    size_t i, first, count;
    for (i = 0; i < 4; i++) CHECK(mv_deflate_bound(over[i]) == SIZE_MAX);
    CHECK(mv_deflate_bound(SIZE_MAX / 2) > SIZE_MAX / 2 && mv_deflate_bound(SIZE_MAX / 2) < SIZE_MAX);
    for (i = 0; i < 4; i++) CHECK(mv_gzip_bound(over[i], NULL) == SIZE_MAX);
    o.member = 1;
    CHECK(mv_gzip_bound(SIZE_MAX / 16, &o) == SIZE_MAX); /* its frames alone */
    o.container = -1;
    CHECK(mv_gzip_bound(10, &o) == SIZE_MAX);
    CHECK(mv_inflate_bound(UINT64_MAX / 1032) == UINT64_MAX / 1032 * 1032 &&
        mv_inflate_bound(UINT64_MAX / 1032 + 1) == UINT64_MAX);
    memset(&x, 0, sizeof x);
    m.src_n = m.dst_n = 20;
    x.member = &m, x.count = 1, x.src_n = 100, x.dst_n = 20;
    CHECK_STATUS(mv_gzip_index_unpack(T, &x, b, 0, 8, text_of(64), 64), MEDVOL_E_SIZE);
    CHECK(!strcmp(T->error.field, "n") && message_has("index is about 100 bytes, 64 are given"));
    CHECK_STATUS(mv_gzip_index_unpack(T, &x, b, 5, 4, text_of(64), 100), MEDVOL_E_RANGE);
    CHECK_STATUS(mv_gzip_index_unpack(T, &x, b, 0, 21, text_of(64), 100), MEDVOL_E_RANGE);
    CHECK_OK(mv_gzip_index_unpack(T, &x, NULL, 20, 20, NULL, 100));
    CHECK_STATUS(mv_gzip_index_unpack(T, &x, NULL, 0, 8, text_of(64), 100), MEDVOL_E_NULL);
    x.dst_n = UINT64_MAX;
    CHECK_STATUS(mv_gzip_index_unpack(T, &x, b, 0, UINT64_MAX, text_of(64), 100), MEDVOL_E_SIZE);
    CHECK(!strcmp(T->error.field, "range"));
    CHECK_OK(mv_gzip_index_range(T, &x, 3, 3, &first, &count));
    CHECK(first == 0 && count == 0);
}

static void test_zlib_heads(void) {
    unsigned char z[64], out[16];
    size_t n, used, made, i;
    static const unsigned char heads[][2] = {
        {0x79, 0x1a}, /* method 9 */ {0x88, 0x1c}, /* a window of 64 KiB */ {0x78, 0x02}, /* checksum */
        {0x00, 0x00}, {0x77, 0x01}};
    CHECK_OK(mv_deflate_zlib(T, z, sizeof z, NULL, 0, 1, &n));
    CHECK_OK(mv_inflate_zlib(T, NULL, 0, z, n, &used, &made)); /* nothing, checked all the same */
    CHECK(used == n && made == 0);
    z[n - 1] ^= 1;
    CHECK_STATUS(mv_inflate_zlib(T, NULL, 0, z, n, &used, &made), MEDVOL_E_CORRUPT);
    CHECK(T->error.offset == (int64_t)n - 4);
    CHECK_OK(mv_deflate_zlib(T, z, sizeof z, "abc", 3, 9, NULL));
    CHECK_OK(mv_deflate_zlib(T, z, sizeof z, "abc", 3, 9, &n));
    CHECK(z[0] == 0x78 && z[1] == 0xda);
    CHECK_OK(mv_inflate_zlib(T, out, sizeof out, z, n, NULL, NULL));
    CHECK(!memcmp(out, "abc", 3));
    for (i = n - 4; i < n; i++) {
        CHECK_STATUS(mv_inflate_zlib(T, out, sizeof out, z, i, &used, &made), MEDVOL_E_TRUNCATED);
        CHECK(!strcmp(T->error.field, "zlib") && T->error.offset == (int64_t)n - 4);
    }
    for (i = 0; i < sizeof heads / sizeof *heads; i++) {
        memcpy(z, heads[i], 2);
        CHECK_STATUS(mv_inflate_zlib(T, out, sizeof out, z, n, &used, &made), MEDVOL_E_FORMAT);
        CHECK(T->error.value == heads[i][0] && T->error.offset == 0 && used == 0 && made == 0);
    }
    for (i = 0; i < 6; i++) CHECK_STATUS(mv_deflate_zlib(T, z, i, "abc", 3, 1, &n), MEDVOL_E_SPACE);
    CHECK_STATUS(mv_deflate_zlib(T, z, 8, z + 7, 3, 1, &n), MEDVOL_E_ALIAS);
}

/* Every room from none to enough: refused without a byte behind it, or exact. */
static void test_deflate_rooms(void) {
    static const size_t sizes[] = {0, 1, 40, 700, 70000};
    size_t i, cap, made, need, back;
    int level;
    for (level = 0; level <= 9; level += 3)
        for (i = 0; i < sizeof sizes / sizeof *sizes; i++) {
            size_t n = sizes[i], bound = mv_deflate_bound(n);
            unsigned char *z = (unsigned char *)malloc(bound), *out = (unsigned char *)malloc(n + 1);
            CHECK_OK(mv_deflate(T, z, bound, text_of(n), n, level, &need));
            for (cap = 1; cap < bound; cap += 1 + cap / 40) {
                unsigned char *g = (unsigned char *)t_guard(cap);
                mv_status st = mv_deflate(T, g, cap, text_of(n), n, level, &made);
                CHECK(st == MEDVOL_OK ? made == need && !memcmp(g, z, need)
                                      : st == MEDVOL_E_SPACE && made == 0 && cap < need + 64);
                t_guard_free(g, cap);
            }
            CHECK_OK(mv_inflate(T, out, n, z, need, NULL, &back));
            CHECK(back == n && !memcmp(out, text_of(n), n));
            free(z);
            free(out);
        }
}

static void expect_dead(mv_gzip_reader *r, mv_status st) { /* after an error the reader repeats it */
    unsigned char b[8];
    uint64_t got = 9;
    size_t n = 9;
    mv_gzip_info info;
    char text[sizeof T->error.text];
    strcpy(text, mv_message(T));
    CHECK_STATUS(mv_gzip_read(T, r, b, 8, &n), st);
    CHECK(n == 0 && !strcmp(text, mv_message(T)));
    CHECK_STATUS(mv_gzip_skip(T, r, 8, &got), st);
    CHECK(got == 0);
    CHECK_STATUS(mv_gzip_skip(T, r, 8, NULL), st);
    CHECK_STATUS(mv_gzip_finish(T, r, 0, &info), st);
    CHECK(!info.verified);
}
/* A source that fails at its k-th call, or claims to have read more than was asked: MEDVOL_E_IO, whatever was
   being read, and nothing made up. */
static void test_gzip_source_fails(void) {
    bytes z = packed(150000, MEDVOL_GZIP_MGZIP, 1, 40000);
    unsigned char *out = (unsigned char *)malloc(150000);
    int bad, skip, k;
    size_t got;
    z = bytes_join(z, "\0\0\0\0\0trailing", 13);
    for (bad = -1; bad <= 1; bad += 2)
        for (skip = 0; skip < 2; skip++)
            for (k = 1;; k++) {
                source s = {0};
                mv_gzip_reader *r;
                mv_gzip_info info;
                mv_status st;
                s.p = z.p, s.n = z.n, s.piece = k < 40 ? 3 : 57, s.bad_call = k, s.bad = bad;
                CHECK_OK(mv_gzip_open(T, &r, source_read, &s));
                if (skip) {
                    uint64_t skipped;
                    st = mv_gzip_skip(T, r, 150000, &skipped);
                    got = (size_t)skipped;
                } else st = mv_gzip_read(T, r, out, 150000, &got);
                if (st == MEDVOL_OK) CHECK(got == 150000);
                CHECK(skip || !memcmp(out, text_of(150000), got));
                if (st == MEDVOL_OK) st = mv_gzip_finish(T, r, 0, &info);
                if (s.calls < k) { /* never came to it */
                    CHECK_OK(st);
                    CHECK(info.tail_n == 13 && info.tail_garbage && info.verified && info.members == 4);
                    mv_gzip_close(T, r);
                    break;
                }
                if (!CHECK(st == MEDVOL_E_IO && message_has("read callback failed")))
                    fprintf(stderr, "  call %d: %d %s\n", k, (int)st, mv_message(T));
                expect_dead(r, MEDVOL_E_IO);
                mv_gzip_close(T, r);
                if (k > 60) k += 13;
            }
    free(out);
    free(z.p);
}

/* What may lie behind the last member, and in the extra field, byte by byte through the smallest pieces. */
static void expect_tail(const char *tail, size_t n, int garbage) {
    bytes z = bytes_join(packed(100, MEDVOL_GZIP_PLAIN, 1, 0), tail, n);
    unsigned char out[100];
    mv_gzip_info info, mem;
    mv_gzip_reader *r;
    source s = {0};
    s.p = z.p, s.n = z.n, s.piece = 1;
    CHECK_OK(mv_gzip_open(T, &r, source_read, &s));
    CHECK_OK(mv_gzip_read(T, r, out, 100, NULL));
    CHECK(mv_gzip_tell(r) == 100);
    CHECK_OK(mv_gzip_finish(T, r, 0, &info));
    mv_gzip_close(T, r);
    CHECK_OK(mv_gzip_unpack(T, out, 100, z.p, z.n, &mem));
    CHECK(info.tail_n == n && info.tail_garbage == garbage && info.members == 1 && info.src_n == z.n - n);
    CHECK(mem.tail_n == n && mem.tail_garbage == garbage && mem.src_n == info.src_n);
    free(z.p);
}
static void test_gzip_tails(void) {
    expect_tail("", 0, 0);
    expect_tail("\0", 1, 0);
    expect_tail("\0\0", 2, 0);
    expect_tail("\0\0\0\0\0\0\0", 7, 0);
    expect_tail("\1", 1, 1);
    expect_tail("\0\1", 2, 1);
    expect_tail("\0\0\0\0\0\0x", 7, 1);
    expect_tail("x\0\0", 3, 1);
    expect_tail("\x1f", 1, 1);
    expect_tail("\x1f\0", 2, 1);
    expect_tail("\x1f\x8a\0\0\0", 5, 1);
    expect_tail("\0\x1f\x8b\x08", 4, 1);
}
static int kind_of_extra(const char *extra, size_t n) {
    bytes z = packed(10, MEDVOL_GZIP_PLAIN, 1, 0), e;
    unsigned char head[12] = {0x1f, 0x8b, 8, 4, 0, 0, 0, 0, 0, 255, 0, 0}, out[10];
    mv_gzip_info info;
    head[10] = (unsigned char)n;
    e = bytes_join(bytes_join(bytes_join(bytes_new(0), head, 12), extra, n), z.p + 10, z.n - 10);
    CHECK_OK(mv_gzip_unpack(T, out, 10, e.p, e.n, &info));
    CHECK(!memcmp(out, text_of(10), 10) && info.members == 1);
    free(e.p);
    free(z.p);
    return info.kind;
}
static void test_gzip_extra(void) { /* a subfield is one only with its letters, its length and its room */
    CHECK(kind_of_extra("BC\2\0\0\0", 6) == MEDVOL_GZIP_BGZF);
    CHECK(kind_of_extra("IG\4\0\0\0\0\0", 8) == MEDVOL_GZIP_MGZIP);
    CHECK(kind_of_extra("BC\2\0\0\0rest", 10) == MEDVOL_GZIP_BGZF);
    CHECK(kind_of_extra("BC\2\0\0", 5) == MEDVOL_GZIP_PLAIN);
    CHECK(kind_of_extra("IG\4\0\0\0\0", 7) == MEDVOL_GZIP_PLAIN);
    CHECK(kind_of_extra("bC\2\0\0\0", 6) == MEDVOL_GZIP_PLAIN);
    CHECK(kind_of_extra("Bc\2\0\0\0", 6) == MEDVOL_GZIP_PLAIN);
    CHECK(kind_of_extra("BC\3\0\0\0", 6) == MEDVOL_GZIP_PLAIN);
    CHECK(kind_of_extra("BC\2\1\0\0", 6) == MEDVOL_GZIP_PLAIN);
    CHECK(kind_of_extra("iG\4\0\0\0\0\0", 8) == MEDVOL_GZIP_PLAIN);
    CHECK(kind_of_extra("Ig\4\0\0\0\0\0", 8) == MEDVOL_GZIP_PLAIN);
    CHECK(kind_of_extra("IG\5\0\0\0\0\0", 8) == MEDVOL_GZIP_PLAIN);
    CHECK(kind_of_extra("IG\4\1\0\0\0\0", 8) == MEDVOL_GZIP_PLAIN);
    CHECK(kind_of_extra("", 0) == MEDVOL_GZIP_PLAIN);
}

/* The index believes size fields only where every byte around them fits. */
static void test_gzip_claims(void) {
    static const struct { int at, value; } breaks[] = {
        {0, 0x1e}, {1, 0x8a}, {2, 7}, {3, 0}, {3, 0xe4}, {10, 7}, {12, 'i'}, {13, 'g'}, {14, 5}, {15, 1}};
    bytes z = packed(300, MEDVOL_GZIP_MGZIP, 1, 100), b;
    mv_gzip_index x;
    size_t i, second;
    CHECK_OK(mv_gzip_index_mem(T, &x, z.p, z.n));
    CHECK(x.count == 3 && x.kind == MEDVOL_GZIP_MGZIP && x.dst_n == 300 && x.src_n == z.n);
    second = (size_t)x.member[1].src;
    mv_gzip_index_free(T, &x);
    for (i = 0; i < 2 * sizeof breaks / sizeof *breaks; i++) { /* in the first member, in the second */
        size_t at = (i & 1 ? second : 0) + (size_t)breaks[i / 2].at;
        unsigned char was = z.p[at];
        z.p[at] = (unsigned char)breaks[i / 2].value;
        CHECK_OK(mv_gzip_index_mem(T, &x, z.p, z.n));
        if (!CHECK(x.count == 0 && x.kind == MEDVOL_GZIP_PLAIN && !x.member))
            fprintf(stderr, "  byte %d = %d, member %d\n", breaks[i / 2].at, breaks[i / 2].value, (int)(i & 1));
        mv_gzip_index_free(T, &x);
        z.p[at] = was;
    }
    put(z.p + 16, 'i', 29, 0); /* head of 12 + 8, deflate data of 2, trailer of 8: 30 at least */
    CHECK_OK(mv_gzip_index_mem(T, &x, z.p, z.n));
    CHECK(x.count == 0);
    mv_gzip_index_free(T, &x);
    free(z.p);
    z = packed(100, MEDVOL_GZIP_BGZF, 1, 0); /* of both kinds in one file: neither */
    b = packed(100, MEDVOL_GZIP_MGZIP, 1, 0);
    z = bytes_join(z, b.p, b.n);
    CHECK_OK(mv_gzip_index_mem(T, &x, z.p, z.n));
    CHECK(x.count == 0 && x.kind == MEDVOL_GZIP_PLAIN);
    mv_gzip_index_free(T, &x);
    free(z.p);
    CHECK_OK(mv_gzip_index_mem(T, &x, b.p, 19)); /* too short to hold the fields */
    CHECK(x.count == 0);
    b = bytes_join(b, "\0\0\0", 3); /* padding */
    CHECK_OK(mv_gzip_index_mem(T, &x, b.p, b.n));
    CHECK(x.count == 1 && x.src_n == b.n - 3);
    mv_gzip_index_free(T, &x);
    b.p[b.n - 2] = 1;
    CHECK_OK(mv_gzip_index_mem(T, &x, b.p, b.n));
    CHECK(x.count == 0);
    mv_gzip_index_free(T, &x);
    free(b.p);
}

static void test_gzip_limits(void) { /* counted exactly, by the index and by the reader */
    bytes z = packed(300, MEDVOL_GZIP_MGZIP, 1, 100);
    mv_limits was = T->desc.limits;
    unsigned char out[300];
    int by_bytes, less;
    for (by_bytes = 0; by_bytes < 2; by_bytes++)
        for (less = 0; less < 2; less++) {
            mv_status want = less ? MEDVOL_E_LIMIT : MEDVOL_OK, st;
            mv_gzip_index x;
            mv_gzip_reader *r;
            source s = {0};
            if (by_bytes) T->desc.limits.max_bytes = 300 - (unsigned)less;
            else T->desc.limits.max_members = 3 - (unsigned)less;
            CHECK_STATUS(mv_gzip_index_mem(T, &x, z.p, z.n), want);
            CHECK(less ? !x.member && !x.count : x.count == 3);
            mv_gzip_index_free(T, &x);
            CHECK_STATUS(mv_gzip_unpack(T, out, 300, z.p, z.n, NULL), want);
            s.p = z.p, s.n = z.n, s.piece = 1;
            CHECK_OK(mv_gzip_open(T, &r, source_read, &s));
            st = mv_gzip_read(T, r, out, 300, NULL);
            if (st == MEDVOL_OK) st = mv_gzip_finish(T, r, 0, NULL);
            CHECK_STATUS(st, want);
            mv_gzip_close(T, r);
            T->desc.limits = was;
        }
    free(z.p);
}

/* An index whose members are damaged: a part of a member, one of many, in front of the range. */
static void test_gzip_damage(void) {
    bytes z = packed(100000, MEDVOL_GZIP_MGZIP, 1, 2000);
    unsigned char *out = (unsigned char *)malloc(100000);
    mv_gzip_index x;
    size_t i, at;
    CHECK_OK(mv_gzip_index_mem(T, &x, z.p, z.n));
    CHECK(x.count == 50);
    CHECK_OK(mv_gzip_index_unpack(T, &x, out, 1999, 98001, z.p, z.n));
    CHECK(!memcmp(out, text_of(100000) + 1999, 98001 - 1999));
    for (i = 0; i < x.count; i += 7) {
        unsigned char was;
        at = (size_t)x.member[i].src + 20;
        was = z.p[at];
        z.p[at] |= 6; /* a block of type 3 */
        CHECK_STATUS(mv_gzip_index_unpack(T, &x, out, 0, 100000, z.p, z.n), MEDVOL_E_CORRUPT);
        /* from its middle on: what is in front of the range is decoded too */
        CHECK_STATUS(mv_gzip_index_unpack(T, &x, out, x.member[i].dst + 1900, x.member[i].dst + 1990, z.p, z.n),
            MEDVOL_E_CORRUPT);
        CHECK(T->error.offset == (int64_t)x.member[i].src && message_has("damaged"));
        z.p[at] = was;
    }
    mv_gzip_index_free(T, &x);
    CHECK_OK(mv_gzip_member_unpack(T, NULL, 0, "\x1f\x8b\x08\0\0\0\0\0\0\xff\3\0\0\0\0\0\0\0\0\0", 20, NULL));
    CHECK_STATUS(mv_gzip_member_unpack(T, out, 1, "\x1f\x8b\x08\0\0\0\0\0\0\xff\3\0\0\0\0\0\0\0\0\0", 20, NULL),
        MEDVOL_E_CORRUPT);
    free(out);
    free(z.p);
}

/* A sink that fails at its k-th call: the writer says so at once, then always, and in close. */
static void test_gzip_sink_fails(void) {
    int container, k;
    for (container = MEDVOL_GZIP_PLAIN; container <= MEDVOL_GZIP_BGZF; container++)
        for (k = 1;; k++) {
            mv_gzip_opt o = {0};
            mv_gzip_writer *w;
            mv_status st = MEDVOL_OK, end;
            int left = k;
            size_t i;
            o.container = container, o.member = 1000;
            CHECK_OK(mv_gzip_writer_open(T, &w, refuse_write, &left, &o));
            for (i = 0; i < 200000 && st == MEDVOL_OK; i += 20000)
                st = mv_gzip_writer_put(T, w, text_of(20000), 20000);
            if (st < 0) {
                CHECK(st == MEDVOL_E_IO && left == 0);
                CHECK_STATUS(mv_gzip_writer_put(T, w, text_of(1), 1), MEDVOL_E_IO);
            }
            end = mv_gzip_writer_close(T, w, NULL);
            CHECK(end == (left > 0 ? MEDVOL_OK : MEDVOL_E_IO) && left >= 0);
            if (left > 0) break;
        }
}

/* ---- the platform's files ---- */
#ifdef POSIX
static bytes long_path(const char *end) { /* folders of 200 characters, made, one within the other; then end */
    char folder[201];
    bytes b = bytes_new(1200);
    int i;
    memset(folder, 'f', 200);
    folder[200] = 0;
    strcpy((char *)b.p, t_path("deep"));
    mkdir((char *)b.p, 0777);
    for (i = 0; i < 5; i++) {
        strcat(strcat((char *)b.p, "/"), folder);
        mkdir((char *)b.p, 0777);
    }
    strcat(strcat((char *)b.p, "/"), end);
    return b;
}
static void test_default_io(void) { /* each hook of mv_io_default by itself */
    const mv_io *io = mv_io_default();
    void *file = NULL, *address = NULL, *none = (void *)(intptr_t)100000;
    char path[512], link[512], buf[600], b[16];
    uint64_t n = 0;
    size_t k;
    struct stat info;
    strcpy(path, t_path("corner.txt"));
    strcpy(link, t_path("corner_link"));
    (void)io->remove(io->user, path);
    CHECK(io->open(io->user, path, MEDVOL_IO_READ, &file) == MEDVOL_E_NOTFOUND);
    CHECK(io->open(io->user, t_path("corner.txt/below"), MEDVOL_IO_CREATE, &file) == MEDVOL_E_NOTFOUND);
    CHECK(io->open(io->user, path, MEDVOL_IO_CREATE, &file) == 0);
    CHECK(io->write(io->user, file, "0123456789", 10) == 10 && io->write(io->user, file, "x", 0) == 0);
    CHECK(io->read(io->user, file, 0, b, 1) == MEDVOL_E_IO); /* open for writing only */
    CHECK(io->map(io->user, file, 10, &address) == MEDVOL_E_ACCESS && !address);
    CHECK(io->sync(io->user, file) == 0 && io->close(io->user, file) == 0);
    CHECK(io->open(io->user, path, MEDVOL_IO_CREATE, &file) == MEDVOL_E_EXISTS);
    CHECK(io->open(io->user, path, MEDVOL_IO_READ, &file) == 0);
    CHECK(io->size(io->user, file, &n) == 0 && n == 10);
    CHECK(io->read(io->user, file, 7, b, 16) == 3 && !memcmp(b, "789", 3));
    CHECK(io->read(io->user, file, 10, b, 16) == 0 && io->read(io->user, file, INT64_MAX, b, 0) == 0);
    CHECK(io->read(io->user, file, (uint64_t)INT64_MAX + 1, b, 16) == MEDVOL_E_IO);
    CHECK(io->write(io->user, file, "x", 1) == MEDVOL_E_IO); /* open for reading only */
    CHECK(io->map(io->user, file, 0, &address) == MEDVOL_E_SIZE);
    CHECK(io->map(io->user, file, (uint64_t)PTRDIFF_MAX + 1, &address) == MEDVOL_E_SIZE && !address);
    CHECK(io->map(io->user, file, 10, &address) == 0 && address && !memcmp(address, "0123456789", 10));
    if (address) {
        memcpy(address, "changed", 7); /* private: not the file's */
        CHECK(io->read(io->user, file, 0, b, 7) == 7 && !memcmp(b, "0123456", 7));
        io->unmap(io->user, address, 10);
    }
    CHECK(io->close(io->user, file) == 0);
    CHECK(io->size(io->user, none, &n) == MEDVOL_E_IO && io->read(io->user, none, 0, b, 1) == MEDVOL_E_IO);
    CHECK(io->sync(io->user, none) == MEDVOL_E_IO && io->close(io->user, none) == MEDVOL_E_IO);

    CHECK(chmod(path, 0640) == 0);
    CHECK(io->open(io->user, link, MEDVOL_IO_CREATE, &file) == 0);
    CHECK(io->protect(io->user, file, path) == 0 && fstat((int)(intptr_t)file - 1, &info) == 0 &&
        (info.st_mode & 0777) == 0640);
    CHECK(io->protect(io->user, file, t_path("absent")) == 0); /* a new file has none to take over */
    CHECK(io->protect(io->user, file, t_path("corner.txt/below")) == MEDVOL_E_NOTFOUND);
    CHECK(io->close(io->user, file) == 0 && io->remove(io->user, link) == 0);
    CHECK(io->remove(io->user, link) == MEDVOL_E_NOTFOUND);
    CHECK(io->rename(io->user, link, path) == MEDVOL_E_NOTFOUND);

    /* where a path leads to, into room for exactly that and not one less */
    CHECK(symlink("corner.txt", link) == 0);
    for (k = 0; k < sizeof buf; k++) {
        int st;
        memset(buf, '#', sizeof buf);
        st = io->resolve(io->user, link, buf, k);
        CHECK(st >= 0 ? !strcmp(buf, path) : st == MEDVOL_E_SPACE && (k < 2 * strlen(path) + 40));
        CHECK(buf[k] == '#');
    }
    CHECK(remove(link) == 0 && symlink("/dev/null/absent", link) == 0);
    CHECK(io->resolve(io->user, link, buf, sizeof buf) == MEDVOL_E_NOTFOUND);
    CHECK(remove(link) == 0 && symlink("/absent file", link) == 0); /* absolute, and to be made */
    CHECK(io->resolve(io->user, link, buf, sizeof buf) == 0 && !strcmp(buf, "/absent file"));
    CHECK(remove(link) == 0 && symlink("corner_link", link) == 0);
    CHECK(io->resolve(io->user, link, buf, sizeof buf) == MEDVOL_E_IO); /* round and round */
    CHECK(io->resolve(io->user, "build", buf, sizeof buf) == MEDVOL_E_UNSUPPORTED);
    CHECK(io->resolve(io->user, "absent", buf, sizeof buf) == 0 && !strcmp(buf, "absent"));
    remove(link);
    remove(path);
}
/* Names without a folder, and in folders longer than any buffer. */
static void test_save_anywhere(void) {
    size_t dim[3] = {2, 2, 2};
    mv_volume v = {0}, w = {0};
    bytes deep = long_path("v.nii"), way = long_path("link.nii");
    char here[4096];
    CHECK_OK(mv_volume_alloc(T, &v, MEDVOL_U8, 3, dim));
    memset(v.data, 7, 8);
    CHECK(getcwd(here, sizeof here) != NULL && chdir("build/tmp") == 0);
    CHECK_OK(mv_save(T, &v, "bare.nii", NULL));
    CHECK_OK(mv_load(T, &w, "bare.nii", NULL));
    CHECK(w.data && !memcmp(w.data, v.data, 8));
    remove("bare.nii");
    remove("bare_link.nii"); /* a link beside it, without a folder either */
    CHECK(symlink("bare_target.nii", "bare_link.nii") == 0);
    CHECK_OK(mv_save(T, &v, "bare_link.nii", NULL));
    CHECK_OK(mv_load(T, &w, "bare_target.nii", NULL));
    remove("bare_link.nii");
    remove("bare_target.nii");
    CHECK(chdir(here) == 0);
    CHECK_OK(mv_save(T, &v, (char *)deep.p, NULL));
    CHECK_OK(mv_load(T, &w, (char *)deep.p, NULL));
    CHECK(w.data && !memcmp(w.data, v.data, 8));
    remove((char *)way.p); /* a long link to a long path */
    CHECK(symlink("v.nii", (char *)way.p) == 0);
    CHECK_OK(mv_save(T, &v, (char *)way.p, NULL));
    CHECK_OK(mv_load(T, &w, (char *)way.p, NULL));
    remove((char *)way.p);
    remove((char *)deep.p);
    memset(deep.p, 'x', 300); /* a name that no file system has */
    deep.p[300] = 0;
    CHECK(mv_save(T, &v, (char *)deep.p, NULL) < 0);
    free(deep.p);
    deep = bytes_new(((size_t)1 << 20) + 2);
    memset(deep.p, 'x', deep.n - 1);
    CHECK_STATUS(mv_save(T, &v, (char *)deep.p, NULL), MEDVOL_E_SIZE);
    CHECK(message_has("1048577 characters"));
    deep.p[deep.n - 2] = 0;
    CHECK(mv_save(T, &v, (char *)deep.p, NULL) < 0);
    free(deep.p);
    free(way.p);
    mv_volume_free(T, &v);
    mv_volume_free(T, &w);
}
#endif

const t_case tests_corners[] = {
    {"gzip_null", test_gzip_null, T_ONCE},
    {"gzip_sizes", test_gzip_sizes, T_ONCE},
    {"zlib_heads", test_zlib_heads, 0},
    {"deflate_rooms", test_deflate_rooms, 0},
    {"gzip_source_fails", test_gzip_source_fails, 0},
    {"gzip_tails", test_gzip_tails, 0},
    {"gzip_extra", test_gzip_extra, T_ONCE},
    {"gzip_claims", test_gzip_claims, T_ONCE},
    {"gzip_limits", test_gzip_limits, 0},
    {"gzip_damage", test_gzip_damage, 0},
    {"gzip_sink_fails", test_gzip_sink_fails, 0},
#ifdef POSIX
    {"default_io", test_default_io, T_ONCE},
    {"save_anywhere", test_save_anywhere, T_ONCE},
#endif
    {NULL, NULL, 0},
};
