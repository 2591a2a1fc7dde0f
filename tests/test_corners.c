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

static void test_gzip_nothing(void) { /* no bytes need no address */
    unsigned char z[64], raw[64];
    size_t n = 0, made = 9, used = 9;
    int left = 0; /* none refused */
    mv_gzip_writer *w;
    mv_gzip_reader *r;
    mv_gzip_index x;
    CHECK_OK(mv_gzip_pack(T, z, sizeof z, NULL, 0, NULL, NULL));
    CHECK_OK(mv_gzip_pack(T, z, sizeof z, NULL, 0, NULL, &n));
    CHECK_OK(mv_gzip_unpack(T, NULL, 0, z, n, NULL));
    CHECK_STATUS(mv_gzip_unpack(T, NULL, 0, NULL, 0, NULL), MEDVOL_E_FORMAT);
    CHECK_OK(mv_gzip_open_mem(T, &r, z, n));
    CHECK_OK(mv_gzip_read(T, r, NULL, 0, &made));
    CHECK(made == 0);
    CHECK_OK(mv_gzip_finish(T, r, 0, NULL));
    mv_gzip_close(T, r);
    CHECK_OK(mv_gzip_open_mem(T, &r, NULL, 0));
    CHECK_STATUS(mv_gzip_read(T, r, raw, 1, NULL), MEDVOL_E_FORMAT);
    mv_gzip_close(T, r);
    CHECK_OK(mv_gzip_index_mem(T, &x, NULL, 0));
    CHECK(x.count == 0 && !x.member);
    mv_gzip_index_free(T, &x);
    CHECK_OK(mv_gzip_writer_open(T, &w, refuse_write, &left, NULL));
    CHECK_OK(mv_gzip_writer_put(T, w, NULL, 0));
    CHECK_OK(mv_gzip_writer_close(T, w, NULL));
    CHECK_OK(mv_deflate(T, raw, sizeof raw, NULL, 0, 1, NULL));
    CHECK_OK(mv_deflate(T, raw, sizeof raw, NULL, 0, 1, &n));
    CHECK_OK(mv_inflate(T, NULL, 0, raw, n, &used, &made));
    CHECK(used == n && made == 0);
}

/* MEDVOL_E_NULL that names the pointer, results zeroed, no context needed */
static void test_gzip_null(void) {
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
    o.head = SIZE_MAX;
    CHECK(mv_gzip_bound(SIZE_MAX / 2 + 1, &o) == SIZE_MAX); /* their number cannot be counted */
    o.head = 0;
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
    { /* longer than any buffer of the reader, with a last byte that is none or some */
        char *tail = (char *)calloc(1, 150000);
        if (!tail) abort();
        expect_tail(tail, 150000, 0);
        tail[149999] = 1;
        expect_tail(tail, 150000, 1);
        tail[149999] = 0, tail[100000] = 1;
        expect_tail(tail, 150000, 1);
        free(tail);
    }
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
    static const struct { int at, mgzip, bgzf; } breaks[] = {
        {0, 0x1e, 0x1e}, {1, 0x8a, 0x8a}, {2, 7, 7}, {3, 0, 0}, {3, 1, 1}, {3, 0xe4, 0xe4}, {10, 7, 5},
        {12, 'i', 'b'}, {13, 'g', 'c'}, {14, 5, 3}, {15, 1, 1}};
    bytes z, b;
    mv_gzip_index x;
    size_t i, second, n;
    int kind;
    for (kind = MEDVOL_GZIP_MGZIP; kind <= MEDVOL_GZIP_BGZF; kind++) {
        n = kind == MEDVOL_GZIP_BGZF ? 150000 : 300;
        z = packed(n, kind, 1, kind == MEDVOL_GZIP_BGZF ? 0 : 100);
        CHECK_OK(mv_gzip_index_mem(T, &x, z.p, z.n));
        CHECK(x.count >= 3 && x.kind == kind && x.dst_n == n && x.src_n == z.n);
        second = (size_t)x.member[1].src;
        mv_gzip_index_free(T, &x);
        for (i = 0; i < 2 * sizeof breaks / sizeof *breaks; i++) { /* in the first member, in the second */
            size_t at = (i & 1 ? second : 0) + (size_t)breaks[i / 2].at;
            unsigned char was = z.p[at];
            int value = kind == MEDVOL_GZIP_BGZF ? breaks[i / 2].bgzf : breaks[i / 2].mgzip;
            z.p[at] = (unsigned char)value;
            CHECK_OK(mv_gzip_index_mem(T, &x, z.p, z.n));
            if (!CHECK(x.count == 0 && x.kind == MEDVOL_GZIP_PLAIN && !x.member))
                fprintf(stderr, "  byte %d = %d, member %d\n", breaks[i / 2].at, value, (int)(i & 1));
            mv_gzip_index_free(T, &x);
            z.p[at] = was;
        }
        if (kind == MEDVOL_GZIP_MGZIP) {
            put(z.p + 16, 'i', 29, 0); /* head of 12 + 8, deflate data of 2, trailer of 8: 30 at least */
            CHECK_OK(mv_gzip_index_mem(T, &x, z.p, z.n));
            CHECK(x.count == 0);
            mv_gzip_index_free(T, &x);
        }
        free(z.p);
    }
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

static void test_gzip_many(void) { /* an index that grew: each member where it is */
    bytes z = packed(20000, MEDVOL_GZIP_MGZIP, 1, 100);
    unsigned char out[20000];
    mv_gzip_index x;
    size_t i;
    CHECK_OK(mv_gzip_index_mem(T, &x, z.p, z.n));
    CHECK(x.count == 200);
    for (i = 0; i < x.count; i++)
        CHECK(x.member[i].dst == 100 * i && x.member[i].dst_n == 100 &&
            x.member[i].src + x.member[i].src_n == (i + 1 < x.count ? x.member[i + 1].src : z.n));
    CHECK_OK(mv_gzip_index_unpack(T, &x, out, 0, sizeof out, z.p, z.n));
    CHECK(!memcmp(out, text_of(sizeof out), sizeof out));
    mv_gzip_index_free(T, &x);
    free(z.p);
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
        CHECK_STATUS(
            mv_gzip_index_unpack(T, &x, out, x.member[i].dst + 1900, x.member[i].dst + 1990, z.p, z.n),
            MEDVOL_E_CORRUPT);
        CHECK(T->error.offset == (int64_t)x.member[i].src && message_has("damaged"));
        z.p[at] = was;
    }
    mv_gzip_index_free(T, &x);
    CHECK_OK(mv_gzip_member_unpack(T, NULL, 0, "\x1f\x8b\x08\0\0\0\0\0\0\xff\3\0\0\0\0\0\0\0\0\0", 20, NULL));
    CHECK_STATUS(
        mv_gzip_member_unpack(T, out, 1, "\x1f\x8b\x08\0\0\0\0\0\0\xff\3\0\0\0\0\0\0\0\0\0", 20, NULL),
        MEDVOL_E_CORRUPT);
    free(out);
    free(z.p);
}

/* A sink that fails at its k-th call: the writer says so at once, then always, and in close. */
static void test_gzip_sink_fails(void) { /* what failed is not tried again, and not forgotten */
    static const size_t sizes[] = {200000, 0};
    size_t i, n;
    int container, k;
    for (n = 0; n < 2; n++)
        for (container = MEDVOL_GZIP_PLAIN; container <= MEDVOL_GZIP_BGZF; container++)
            for (k = 1;; k++) {
                mv_gzip_opt o = {0};
                mv_gzip_writer *w;
                mv_status st = MEDVOL_OK, end;
                int left = k;
                o.container = container, o.member = 1000;
                CHECK_OK(mv_gzip_writer_open(T, &w, refuse_write, &left, &o));
                for (i = 0; i < sizes[n] && st == MEDVOL_OK; i += 20000)
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

/* ---- loading ---- */
static bytes patched(int version, int at, char type, double value) { /* the default file, one field changed */
    spec s = {0};
    bytes b;
    s.version = version;
    b = make_file(s);
    put(b.p + at, type, value, 0);
    return b;
}
/* Without a context: the same status, the same voxels, no word. */
static void expect_same(const bytes f, const mv_load_opt *o, mv_status want) {
    mv_volume a = {0}, b = {0};
    CHECK_STATUS(mv_load_mem(T, &a, f.p, f.n, o), want);
    CHECK_STATUS(mv_load_mem(T_NONE, &b, f.p, f.n, o), want);
    CHECK(a.ndim == b.ndim && mv_volume_count(&a) == mv_volume_count(&b));
    CHECK(want < 0 || !memcmp(a.affine, b.affine, sizeof a.affine));
    CHECK(want < 0 || !memcmp(a.data, b.data, mv_volume_count(&a) * mv_dtype_size(a.dtype)));
    mv_volume_free(T, &a);
    mv_volume_free(T_NONE, &b);
}
static void test_no_context(void) {
    spec s = {0};
    mv_load_opt o = {0};
    bytes f = make_file(s), z = gz(f.p, f.n, 0, 0), bad = patched(1, 80, 'f', -2), cut = f;
    mv_volume v = {0};
    expect_same(f, NULL, MEDVOL_OK);
    expect_same(z, NULL, MEDVOL_OK);
    expect_same(bad, NULL, MEDVOL_OK); /* mended, though there is nobody to tell */
    z.p[z.n - 1] ^= 1;
    expect_same(z, NULL, MEDVOL_E_CORRUPT);
    z.p[z.n - 1] ^= 1;
    o.crop = 3, o.size[0] = 4, o.size[1] = 3, o.size[2] = 1;
    expect_same(z, &o, MEDVOL_OK); /* stops inside the member */
    CHECK_OK(mv_load_mem(T, &v, z.p, z.n, &o));
    CHECK(mv_warnings(T) == MEDVOL_W_UNVERIFIED);
    mv_volume_free(T, &v);
    memset(&o, 0, sizeof o);
    o.partial = 1, o.fill = -5;
    cut.n -= 7;
    expect_same(cut, &o, MEDVOL_OK);
    z.n -= 20;
    expect_same(z, &o, MEDVOL_OK);
    z.n -= z.n - 40;
    expect_same(z, &o, MEDVOL_E_TRUNCATED);
    cut.n = 100;
    expect_same(cut, &o, MEDVOL_E_TRUNCATED);
    CHECK_STATUS(mv_load(T_NONE, &v, t_path("absent.nii"), NULL), MEDVOL_E_NOTFOUND);
    CHECK_STATUS(mv_load_header(T_NONE, &v, t_path("absent.nii"), NULL), MEDVOL_E_NOTFOUND);
    CHECK_STATUS(mv_map(T_NONE, &v, t_path("absent.nii"), NULL), MEDVOL_E_NOTFOUND);
    CHECK_OK(mv_load_mem(T_NONE, &v, f.p, f.n, NULL));
    CHECK_OK(mv_save(T_NONE, &v, t_path("plain.nii.gz"), NULL));
    mv_volume_free(T_NONE, &v);
    CHECK_OK(mv_load(T_NONE, &v, t_path("plain.nii.gz"), NULL));
    CHECK(v.data && same_voxels(&v, &s));
    mv_volume_free(T_NONE, &v);
    CHECK(!strcmp(mv_message(NULL), "") && mv_warnings(NULL) == 0);
    remove(t_path("plain.nii.gz"));
    free(f.p);
    free(z.p);
    free(bad.p);
}
static void test_load_null(void) {
    mv_volume v = {0};
    mv_buffer file = {0};
    size_t dim[1] = {4}, n = 9;
    int code;
    mv_nifti h;
    NULL_OF(mv_load(T, NULL, "x", NULL), "v");
    NULL_OF(mv_load(T, &v, NULL, NULL), "path");
    NULL_OF(mv_load_mem(T, NULL, "x", 1, NULL), "v");
    NULL_OF(mv_load_mem(T, &v, NULL, 1, NULL), "data");
    NULL_OF(mv_load_header(T, NULL, "x", NULL), "v");
    NULL_OF(mv_load_header(T, &v, NULL, NULL), "path");
    NULL_OF(mv_load_header_mem(T, NULL, "x", 1, NULL), "v");
    NULL_OF(mv_load_header_mem(T, &v, NULL, 1, NULL), "data");
    NULL_OF(mv_map(T, NULL, "x", NULL), "v");
    NULL_OF(mv_map(T, &v, NULL, NULL), "path");
    NULL_OF(mv_save(T, NULL, "x", NULL), "v");
    NULL_OF(mv_nifti_ext_add(T, NULL, 6, "x", 1), "v");
    NULL_OF(mv_nifti_ext_add(T, &v, 6, NULL, 1), "data");
    CHECK_OK(mv_volume_alloc(T, &v, MEDVOL_U8, 1, dim));
    memset(v.data, 0, 4);
    NULL_OF(mv_save(T, &v, NULL, NULL), "path");
    NULL_OF(mv_save_mem(T, NULL, NULL, &v, NULL), "file");
    NULL_OF(mv_save_mem(T, &file, NULL, NULL, NULL), "v");
    mv_buffer_free(T, NULL);
    mv_buffer_free(T, &file);
    memset(&h, 0, sizeof h);
    CHECK(!mv_nifti_ext_next(NULL, &n, &code, NULL, NULL) &&
          !mv_nifti_ext_next(&h, NULL, &code, NULL, NULL) && !mv_nifti_ext_next(&h, &n, &code, NULL, NULL) &&
          n == 9);
    mv_volume_free(T, &v);
}
/* Bad fields of version 2 are told at version 2's offsets, with the value that was found. */
static void test_warned_at(void) {
    static const struct {
        int version, code_at;
        char type;
        int at;
        double value, said;
        const char *field;
        int offset;
    } cases[] = {
        {1, 252, 'h', 256, 3, 9, "quatern", 256}, {2, 344, 'i', 352, 3, 9, "quatern", 352},
        {1, 252, 'h', 256, NANF, 1, "qform_code", 252}, {2, 344, 'i', 352, NANF, 1, "qform_code", 344},
        {1, 254, 'h', 280, NANF, 1, "sform_code", 254}, {2, 348, 'i', 400, NANF, 1, "sform_code", 348},
        {1, 80, 'f', 80, -2, -2, "pixdim[1]", 80}, {2, 112, 'd', 112, -2, -2, "pixdim[1]", 112},
        {1, 88, 'f', 88, 0, 0, "pixdim[3]", 88}, {2, 128, 'd', 128, 1e31, 1e31, "pixdim[3]", 128},
        {1, 72, 'h', 72, 8, 8, "bitpix", 72}, {2, 14, 'h', 14, 24, 24, "bitpix", 14},
    };
    size_t i;
    for (i = 0; i < sizeof cases / sizeof *cases; i++) {
        bytes f = patched(cases[i].version, cases[i].code_at, cases[i].type, 1);
        mv_volume v = {0};
        put(f.p + cases[i].at,
            cases[i].type == 'h' && cases[i].at != 72 && cases[i].at != 14 ? 'f' : cases[i].type == 'i' ? 'd'
                                                                                      : cases[i].type,
            cases[i].value, 0);
        T->desc.strict = 1;
        CHECK_STATUS(mv_load_mem(T, &v, f.p, f.n, NULL), MEDVOL_E_FORMAT);
        if (!CHECK(!strcmp(T->error.field, cases[i].field) && T->error.offset == cases[i].offset &&
                T->error.value == cases[i].said))
            fprintf(
                stderr, "  %d: %s %g at %d\n", (int)i, T->error.field, T->error.value, (int)T->error.offset);
        T->desc.strict = 0;
        CHECK_OK(mv_load_mem(T, &v, f.p, f.n, NULL));
        CHECK(mv_warnings(T) != 0);
        mv_volume_free(T, &v);
        free(f.p);
    }
}
static void test_units(void) { /* a step in seconds, whatever its unit; spaces in mm */
    static const struct {
        int xyzt;
        double mm, s;
    } units[] = {{0, 1, 1}, {2, 1, 1}, {8, 1, 1}, {10, 1, 1}, {16, 1, 1e-3}, {24, 1, 1e-6}, {1, 1e3, 1},
        {3, 1e-3, 1}, {17, 1e3, 1e-3}, {27, 1e-3, 1e-6}, {32, 1, 1}, {7, 1, 1}};
    size_t i;
    int version;
    for (version = 1; version <= 2; version++)
        for (i = 0; i < sizeof units / sizeof *units; i++) {
            spec s = {0};
            bytes f;
            mv_volume v = {0}, w = {0};
            mv_buffer out = {0};
            s.version = version, s.ndim = 5, s.dim[0] = 2, s.dim[1] = s.dim[2] = s.dim[4] = 1, s.dim[3] = 3;
            f = make_file(s);
            put(f.p + (version == 2 ? 500 : 123), version == 2 ? 'i' : 'c', units[i].xyzt, 0);
            CHECK_OK(mv_load_mem(T, &v, f.p, f.n, NULL));
            CHECK_NEAR(v.step[0], 2.0 * units[i].s, 1e-15);
            CHECK(v.step[1] == 2.25); /* not of time: as it is */
            CHECK_NEAR(v.affine[0], 1.25 * units[i].mm, 1e-12);
            CHECK_NEAR(v.affine[10], 1.75 * units[i].mm, 1e-12);
            v.step[0] = 0.5;
            CHECK_OK(mv_save_mem(T, &out, NULL, &v, NULL)); /* in the file's units again */
            CHECK_OK(mv_load_mem(T, &w, out.data, out.bytes, NULL));
            CHECK_NEAR(w.step[0], 0.5, 1e-7);
            CHECK(memcmp(w.affine, v.affine, sizeof v.affine) == 0 && w.nifti->xyzt_units == units[i].xyzt);
            mv_buffer_free(T, &out);
            mv_volume_free(T, &v);
            mv_volume_free(T, &w);
            free(f.p);
        }
}
static void test_slices(void) { /* of a crop: moved along, or dropped when not all of them are in it */
    static const struct {
        int first, last, code, from, n, want_first, want_last, want_code;
    } cases[] = {{0, 9, 1, 0, 10, 0, 9, 1}, {0, 9, 1, 0, 9, 0, 0, 0}, {2, 5, 3, 2, 4, 0, 3, 3},
        {2, 5, 3, 1, 5, 1, 4, 3}, {2, 5, 3, 2, 3, 0, 0, 0}, {2, 5, 3, 3, 4, 0, 0, 0},
        {-1, 5, 3, 0, 9, 0, 0, 0}, {5, 2, 3, 0, 9, 0, 0, 0}, {0, 0, 3, 1, 9, 0, 0, 0},
        {0, 0, 0, 1, 4, 0, 0, 0}, {4, 4, 0, 4, 1, 0, 0, 0}, {0, 3, 0, 0, 4, 0, 3, 0}};
    size_t i;
    for (i = 0; i < sizeof cases / sizeof *cases; i++) {
        spec s = {0};
        bytes f;
        mv_volume v = {0};
        mv_load_opt o = {0};
        s.ndim = 3, s.dim[0] = 2, s.dim[1] = 2, s.dim[2] = 10;
        f = make_file(s);
        put(f.p + 74, 'h', cases[i].first, 0);
        put(f.p + 120, 'h', cases[i].last, 0);
        f.p[122] = (unsigned char)cases[i].code;
        put(f.p + 132, 'f', 0.25, 0);
        o.crop = 3, o.size[0] = o.size[1] = 2, o.start[2] = cases[i].from, o.size[2] = cases[i].n;
        CHECK_OK(mv_load_mem(T, &v, f.p, f.n, &o));
        if (!CHECK(v.nifti->slice_start == cases[i].want_first && v.nifti->slice_end == cases[i].want_last &&
                v.nifti->slice_code == cases[i].want_code))
            fprintf(stderr, "  %d: %d..%d code %d\n", (int)i, (int)v.nifti->slice_start,
                (int)v.nifti->slice_end, v.nifti->slice_code);
        mv_volume_free(T, &v);
        free(f.p);
    }
}
static double wide_one(const unsigned char *number, int wide) { /* 16 bytes, little-endian */
    spec s = {0};
    bytes f;
    mv_volume v = {0};
    mv_load_opt o = {0};
    double x = 0.0;
    s.dtype = MEDVOL_F128, s.ndim = 1, s.dim[0] = 1;
    f = make_file(s);
    memcpy(f.p + 352, number, 16);
    o.dtype = MEDVOL_F64, o.wide = wide;
    if (CHECK_OK(mv_load_mem(T, &v, f.p, f.n, &o))) x = ((double *)v.data)[0];
    mv_volume_free(T, &v);
    free(f.p);
    return x;
}
static void test_wide_values(void) { /* infinite, NaN, tiny, and rounded once */
    static const unsigned char one[16] = {0, 0, 0, 0, 0, 0, 0, 0x80, 0xff, 0x3f},
        inf[16] = {0, 0, 0, 0, 0, 0, 0, 0x80, 0xff, 0x7f},
        minus[16] = {0, 0, 0, 0, 0, 0, 0, 0x80, 0xff, 0xff},
        nan[16] = {0, 0, 0, 0, 0, 0, 0, 0xc0, 0xff, 0x7f},
        nan1[16] = {1, 0, 0, 0, 0, 0, 0, 0x80, 0xff, 0x7f},
        qone[16] = {[14] = 0xff, [15] = 0x3f}, qinf[16] = {[14] = 0xff, [15] = 0x7f},
        qminus[16] = {[14] = 0xff, [15] = 0xff},
        qnan[16] = {[13] = 1, [14] = 0xff, [15] = 0x7f},
        qnan1[16] = {[0] = 1, [14] = 0xff, [15] = 0x7f}, qtiny[16] = {[0] = 1},
        zero[16] = {0},
        qhalf[16] = {[7] = 8, [14] = 0xff, [15] = 0x3f}, /* 1 + 2^-53: to even */
        qmore[16] = {[0] = 1, [7] = 8, [14] = 0xff, [15] = 0x3f}, /* and a bit at the far end: up */
        half[16] = {0, 4, 0, 0, 0, 0, 0, 0x80, 0xff, 0x3f},       /* 1 + 2^-53 */
        more[16] = {1, 4, 0, 0, 0, 0, 0, 0x80, 0xff, 0x3f};
    unsigned char pair[16];
    CHECK(wide_one(one, MEDVOL_WIDE_X87) == 1.0 && wide_one(zero, MEDVOL_WIDE_X87) == 0.0);
    CHECK(wide_one(inf, MEDVOL_WIDE_X87) == INFINITY && wide_one(minus, MEDVOL_WIDE_X87) == -INFINITY);
    CHECK(isnan(wide_one(nan, MEDVOL_WIDE_X87)) && isnan(wide_one(nan1, MEDVOL_WIDE_X87)));
    CHECK(wide_one(half, MEDVOL_WIDE_X87) == 1.0 && wide_one(more, MEDVOL_WIDE_X87) == 1.0 + 0x1p-52);
    CHECK(wide_one(qone, MEDVOL_WIDE_BINARY128) == 1.0 && wide_one(zero, MEDVOL_WIDE_BINARY128) == 0.0);
    CHECK(wide_one(qinf, MEDVOL_WIDE_BINARY128) == INFINITY &&
        wide_one(qminus, MEDVOL_WIDE_BINARY128) == -INFINITY);
    CHECK(isnan(wide_one(qnan, MEDVOL_WIDE_BINARY128)) && isnan(wide_one(qnan1, MEDVOL_WIDE_BINARY128)));
    CHECK(wide_one(qtiny, MEDVOL_WIDE_BINARY128) == 0.0);
    CHECK(wide_one(qhalf, MEDVOL_WIDE_BINARY128) == 1.0 &&
        wide_one(qmore, MEDVOL_WIDE_BINARY128) == 1.0 + 0x1p-52);
    put(pair, 'd', INFF, 0);
    put(pair + 8, 'd', NANF, 0); /* the lesser part of what is not finite says nothing */
    CHECK(wide_one(pair, MEDVOL_WIDE_DOUBLE_DOUBLE) == INFINITY);
    put(pair, 'd', 1, 0);
    put(pair + 8, 'd', 0x1p-52, 0);
    CHECK(wide_one(pair, MEDVOL_WIDE_DOUBLE_DOUBLE) == 1.0 + 0x1p-52);
}
static void test_partial_types(void) { /* what is missing is filled in every type */
    int i;
    for (i = 0; i < TYPES; i++) {
        spec s = {.big = T_BIG_ENDIAN};
        bytes f;
        mv_volume v = {0};
        mv_load_opt o = {0};
        size_t size = (size_t)types[i].size, k;
        unsigned char *last;
        s.dtype = types[i].t;
        f = make_file(s);
        o.partial = 1, o.fill = 3;
        CHECK_OK(mv_load_mem(T, &v, f.p, f.n - 2 * size - size / 2, &o)); /* of 24: 21 and a half at most */
        CHECK(mv_warnings(T) == MEDVOL_W_PARTIAL);
        CHECK(!memcmp(v.data, f.p + 352, 21 * size));
        last = (unsigned char *)v.data + 23 * size;
        if (mv_dtype_size(types[i].t) <= 4 && size > 2 && types[i].unit == 1) /* colours: each channel */
            for (k = 0; k < size; k++) CHECK(last[k] == 3);
        else if (types[i].unit == (int)size && size <= 8) CHECK(t_value(last, types[i].t, 0) == 3);
        else { /* complex: the real part; 128 bits: zero */
            mv_dtype part = types[i].t == MEDVOL_C64 ? MEDVOL_F32 : MEDVOL_F64;
            size_t half = size <= 16 && types[i].unit < 16 ? size / 2 : 0;
            CHECK(half == 0 || t_value(last, part, 0) == 3);
            for (k = half; k < size; k++) CHECK(last[k] == 0);
        }
        mv_volume_free(T, &v);
        free(f.p);
    }
}
static void test_target(void) { /* the caller's memory, and types that do not go together */
    spec s = {.big = T_BIG_ENDIAN}, c = {.big = T_BIG_ENDIAN};
    bytes f = make_file(s), g;
    mv_volume v = {0};
    mv_load_opt o = {0};
    size_t dim[3] = {4, 3, 2}, other[3] = {4, 2, 3};
    unsigned char memory[24 * 16];
    static const mv_dtype ends[] = {MEDVOL_F128, MEDVOL_C256, MEDVOL_RGB24, MEDVOL_C64};
    size_t i;
    CHECK_OK(mv_volume_wrap(T, &v, memory, MEDVOL_I16, 3, other, NULL));
    CHECK_STATUS(mv_load_mem(T, &v, f.p, f.n, NULL), MEDVOL_E_SHAPE);
    CHECK(message_has("another shape"));
    CHECK_OK(mv_volume_wrap(T, &v, memory, MEDVOL_F32, 3, dim, NULL));
    o.dtype = MEDVOL_F64;
    CHECK_STATUS(mv_load_mem(T, &v, f.p, f.n, &o), MEDVOL_E_SHAPE);
    CHECK(message_has("another type"));
    CHECK_OK(mv_load_mem(T, &v, f.p, f.n, NULL));
    CHECK(v.dtype == MEDVOL_F32 && v.data == memory &&
          ((float *)v.data)[0] == ((int16_t *)(void *)(f.p + 352))[0]);
    mv_volume_free(T, &v);
    CHECK_OK(mv_volume_wrap(T, &v, memory, MEDVOL_I16, 3, dim, NULL));
    v.ndim = 9;
    CHECK(mv_load_mem(T, &v, f.p, f.n, NULL) < 0 && v.ndim == 9);
    memset(&v, 0, sizeof v);
    for (i = 0; i < 4; i++) {
        c.dtype = (int)ends[i];
        g = make_file(c);
        o.dtype = ends[i] == MEDVOL_C64 ? MEDVOL_I16 : MEDVOL_F32;
        CHECK_STATUS(mv_load_mem(T, &v, g.p, g.n, &o), MEDVOL_E_DTYPE);
        CHECK(message_has("option wide") == (i < 2) && !v.data);
        if (ends[i] == MEDVOL_F128 || ends[i] == MEDVOL_C256) { /* named, but into the other kind */
            o.wide = MEDVOL_WIDE_X87;
            o.dtype = ends[i] == MEDVOL_F128 ? MEDVOL_C64 : MEDVOL_F64;
            CHECK_STATUS(mv_load_mem(T, &v, g.p, g.n, &o), MEDVOL_E_DTYPE);
            o.dtype = ends[i]; /* as stored, whatever is named */
            CHECK_OK(mv_load_mem(T, &v, g.p, g.n, &o));
            CHECK(v.data && same_voxels(&v, &c));
            mv_volume_free(T, &v);
            o.wide = 0;
        }
        free(g.p);
    }
    c.dtype = MEDVOL_C256;
    g = make_file(c);
    o.dtype = MEDVOL_C64, o.wide = MEDVOL_WIDE_BINARY128;
    CHECK_OK(mv_load_mem(T, &v, g.p, g.n, &o));
    CHECK(v.dtype == MEDVOL_C64);
    mv_volume_free(T, &v);
    o.wide = -1;
    CHECK_STATUS(mv_load_mem(T, &v, g.p, g.n, &o), MEDVOL_E_RANGE);
    memset(&o, 0, sizeof o);
    o.crop = -1;
    CHECK_STATUS(mv_load_mem(T, &v, g.p, g.n, &o), MEDVOL_E_RANGE);
    o.crop = 8;
    CHECK_STATUS(mv_load_mem(T, &v, g.p, g.n, &o), MEDVOL_E_RANGE);
    free(g.p);
    free(f.p);
}
static void test_volumes(void) { /* of files with fewer axes than four, and more */
    int ndim;
    for (ndim = 1; ndim <= 7; ndim++) {
        spec s = {.big = T_BIG_ENDIAN};
        bytes f;
        mv_volume v = {0};
        mv_load_opt o = {0};
        int d, series = 1, i;
        s.ndim = ndim;
        for (d = 0; d < ndim; d++) s.dim[d] = d == 2 ? 3 : 2;
        for (d = 3; d < ndim; d++) series *= 2;
        f = make_file(s);
        for (i = 0; i < series; i++) {
            o.volume = i, o.volumes = 1;
            CHECK_OK(mv_load_mem(T, &v, f.p, f.n, &o));
            CHECK(v.ndim == 3 && v.dim[0] == 2 && v.dim[1] == (ndim > 1 ? 2u : 1u) && v.dim[3] == 1);
            CHECK(!memcmp(v.data, f.p + 352 + (size_t)i * 2 * mv_volume_count(&v), 2 * mv_volume_count(&v)));
            mv_volume_free(T, &v);
        }
        o.volume = 0, o.volumes = series;
        CHECK_OK(mv_load_mem(T, &v, f.p, f.n, &o));
        CHECK(v.ndim == (series == 1 ? 3 : 4) && mv_volume_count(&v) * 2 == f.n - 352);
        mv_volume_free(T, &v);
        for (i = 0; i < 4; i++) {
            o.volume = i == 0 ? -1 : i == 1 ? series : i == 2 ? 1 : 0;
            o.volumes = i == 2 ? series : i == 3 ? -1 : 1;
            CHECK_STATUS(mv_load_mem(T, &v, f.p, f.n, &o), MEDVOL_E_RANGE);
        }
        free(f.p);
    }
}
/* Block gzip whose members are larger than is taken side by side, and files larger than one batch. */
static void test_large_blocks(void) {
    enum { N = 9 << 20, MEMBER = 8192 * 8193 };
    size_t dim[2] = {1024, N / 1024}, made = 0, i;
    mv_volume v = {0}, w = {0};
    mv_save_opt so = {0};
    mv_load_opt o = {0};
    mv_gzip_opt g = {0};
    unsigned char *big;
    spec s = {0};
    bytes f, z;
    CHECK_OK(mv_volume_alloc(T, &v, MEDVOL_U8, 2, dim));
    for (i = 0; i < N; i += 8) {
        uint64_t r = t_bits();
        memcpy((unsigned char *)v.data + i, &r, 8);
    }
    so.level = MEDVOL_GZIP_STORE, so.no_sync = 1;
    CHECK_OK(mv_save(T, &v, t_path("large.nii.gz"), &so));
    CHECK_OK(mv_load(T, &w, t_path("large.nii.gz"), NULL));
    CHECK(w.data && !memcmp(w.data, v.data, N));
    mv_volume_free(T, &w);
    o.crop = 2, o.start[0] = 5, o.size[0] = 1000, o.start[1] = 100, o.size[1] = N / 1024 - 200;
    CHECK_OK(mv_load(T, &w, t_path("large.nii.gz"), &o));
    for (i = 0; w.data && i < w.dim[1]; i++)
        if (!CHECK(!memcmp(
                (unsigned char *)w.data + 1000 * i, (unsigned char *)v.data + 1024 * (i + 100) + 5, 1000)))
            break;
    mv_volume_free(T, &w);
    mv_volume_free(T, &v);
    remove(t_path("large.nii.gz"));
    /* one member of more than 64 MiB behind a small one */
    s.dtype = MEDVOL_U8, s.ndim = 2, s.dim[0] = 64, s.dim[1] = 1;
    f = make_header(s);
    put(f.p + 42, 'h', 8192, 0);
    put(f.p + 44, 'h', 8193, 0);
    z = gz(f.p, f.n, 1, f.n);
    big = (unsigned char *)calloc(1, MEMBER);
    g.container = MEDVOL_GZIP_MGZIP, g.member = MEMBER;
    if (!big) abort();
    big[12345] = 7;
    z = bytes_join(z, big, 300000); /* room */
    CHECK_OK(mv_gzip_pack(T, z.p + z.n - 300000, 300000, big, MEMBER, &g, &made));
    z.n -= 300000 - made;
    CHECK_OK(mv_load_mem(T, &w, z.p, z.n, NULL));
    CHECK(w.data && !memcmp(w.data, big, MEMBER));
    mv_volume_free(T, &w);
    free(big);
    free(z.p);
    free(f.p);
}
/* A header file of its own, gzipped: checked to its end, what follows is told. */
static void test_pair_headers(void) {
    spec s = {0};
    bytes h, v, z;
    mv_volume w = {0};
    mv_load_opt o = {0};
    size_t i;
    s.pair = 1;
    h = make_header(s), v = make_voxels(s);
    o.img = v.p, o.img_bytes = v.n;
    for (i = 0; i < 3; i++) {
        z = bytes_join(gz(h.p, h.n, 0, 0), "junk", i == 1 ? 4 : 0);
        if (i == 2) z.p[z.n - 6] ^= 1; /* the CRC, which the header's own bytes do not need */
        CHECK_STATUS(mv_load_mem(T, &w, z.p, z.n, &o), i == 2 ? MEDVOL_E_CORRUPT : MEDVOL_OK);
        CHECK(i == 2 || mv_warnings(T) == (i == 1 ? MEDVOL_W_TRAILING : 0u));
        mv_volume_free(T, &w);
        T->desc.strict = 1;
        CHECK_STATUS(mv_load_mem(T, &w, z.p, z.n, &o),
            i == 2 ? MEDVOL_E_CORRUPT : i == 1 ? MEDVOL_E_FORMAT : MEDVOL_OK);
        T->desc.strict = 0;
        mv_volume_free(T, &w);
        free(z.p);
    }
    o.img = NULL;
    CHECK_STATUS(mv_load_mem(T, &w, h.p, h.n, &o), MEDVOL_E_NULL);
    CHECK(!strcmp(T->error.field, "img"));
    memcpy(h.p + 344, "n+1", 3); /* the magic of a single file beside voxels of their own */
    o.img = v.p;
    put(h.p + 108, 'f', 352, 0);
    h = bytes_join(h, v.p, v.n);
    CHECK_OK(mv_load_mem(T, &w, h.p, h.n, &o));
    CHECK(same_voxels(&w, &s));
    mv_volume_free(T, &w);
    free(h.p);
    free(v.p);
}
/* Files whose name says voxels: what is in them decides, byte by byte of what tells. */
static void test_img_names(void) {
    int version, cut;
    for (version = 1; version <= 2; version++)
        for (cut = 0; cut < 5; cut++) {
            spec s = {0};
            bytes f;
            mv_volume v = {0};
            char path[512];
            strcpy(path, t_path("alone.img"));
            s.version = version, s.big = cut == 1;
            f = make_file(s);
            if (cut == 2) f.p[0] ^= 1;                       /* not its size */
            if (cut == 3) f.p[version == 1 ? 345 : 5] = 'i'; /* not its magic */
            if (cut == 4) f.n = 340;
            file_put(path, f.p, f.n);
            if (cut < 2) {
                CHECK_OK(mv_load(T, &v, path, NULL));
                CHECK(v.data && same_voxels(&v, &s));
                mv_volume_free(T, &v);
            } else { /* voxels: their header is missing */
                CHECK_STATUS(mv_load(T, &v, path, NULL), MEDVOL_E_NOTFOUND);
                CHECK(message_has("alone.hdr"));
            }
            remove(path);
            free(f.p);
        }
}

/* Cut anywhere, loaded in part, whole or cropped: each voxel is the file's, to the last whole one, or the
   fill value. Short runs, and runs longer than the pieces that are read. */
static void expect_cut(const bytes f, const spec *s, size_t cut, int packed, int crop) {
    bytes z = packed ? gz(f.p, cut, 0, 0) : bytes_join(bytes_new(0), f.p, cut);
    size_t lost = packed ? 1 : 0, have = cut > 352 + lost ? (cut - 352 - lost) / 2 : 0, x, y, n[2], from[2],
           bad = 0;
    mv_volume v = {0};
    mv_load_opt o = {0};
    n[0] = (size_t)s->dim[0], n[1] = (size_t)s->dim[1], from[0] = from[1] = 0;
    o.partial = 1, o.fill = -7;
    if (crop) {
        o.crop = 2;
        for (x = 0; x < 2; x++)
            o.start[x] = (int64_t)(from[x] = n[x] / 4), o.size[x] = (int64_t)(n[x] -= n[x] / 2);
    }
    z.n -= 9 * lost; /* the trailer, and a byte */
    CHECK_OK(mv_load_mem(T, &v, z.p, z.n, &o));
    for (y = 0; v.data && y < n[1]; y++)
        for (x = 0; x < n[0]; x++) {
            size_t i = x + from[0] + (size_t)s->dim[0] * (y + from[1]);
            int16_t want, got = ((int16_t *)v.data)[x + n[0] * y];
            memcpy(&want, f.p + 352 + 2 * i, 2);
            bad += got != (i < have ? want : -7);
        }
    if (!CHECK(bad == 0))
        fprintf(stderr, "  cut %zu, packed %d, crop %d: %zu wrong\n", cut, packed, crop, bad);
    mv_volume_free(T, &v);
    free(z.p);
}
static void test_partial_cuts(void) {
    static const size_t far[] = {352, 353, 1000, 262496, 262497, 262498, 524640, 524642, 600000, 799000};
    spec s = {.big = T_BIG_ENDIAN}, l = {.big = T_BIG_ENDIAN};
    bytes f, g;
    size_t i;
    int k;
    s.ndim = 2, s.dim[0] = 9, s.dim[1] = 7;
    l.ndim = 2, l.dim[0] = 32000, l.dim[1] = 12; /* as one run when whole: 750 KiB */
    f = make_file(s), g = make_file(l);
    for (k = 0; k < 4; k++)
        for (i = 352; i < f.n; i++) expect_cut(f, &s, i, k & 1, k >> 1);
    for (k = 0; k < 4; k++)
        for (i = 0; i < sizeof far / sizeof *far; i++)
            if (far[i] < g.n) expect_cut(g, &l, far[i], k & 1, k >> 1);
    free(g.p);
    free(f.p);
}
/* The caller's memory of several MiB, converted on the way; and memory that the voxels lie in. */
static void test_large_into(void) {
    enum { N = 3000 * 1000 };
    size_t dim[3] = {3000, 1000}, i, bad = 0;
    spec s = {.big = T_BIG_ENDIAN}, p = {.big = T_BIG_ENDIAN};
    bytes f, h;
    mv_volume v = {0};
    mv_load_opt o = {0};
    float *memory = (float *)malloc(N * sizeof(float));
    if (!memory) abort();
    s.ndim = 2, s.dim[0] = 3000, s.dim[1] = 1000, s.slope = 0.5, s.inter = 3;
    f = make_file(s);
    CHECK_OK(mv_volume_wrap(T, &v, memory, MEDVOL_F32, 2, dim, NULL));
    CHECK_OK(mv_load_mem(T, &v, f.p, f.n, NULL));
    for (i = 0; i < N; i++) {
        int16_t k;
        memcpy(&k, f.p + 352 + 2 * i, 2);
        bad += memory[i] != 0.5f * k + 3;
    }
    CHECK(bad == 0 && v.slope == 1 && v.inter == 0);
    mv_volume_free(T, &v);
    free(memory);
    free(f.p);
    p.pair = 1;
    h = make_header(p), f = make_voxels(p);
    o.img = f.p, o.img_bytes = f.n;
    dim[0] = 4, dim[1] = 3, dim[2] = 2;
    memset(&v, 0, sizeof v);
    CHECK_OK(mv_volume_wrap(T, &v, f.p, MEDVOL_I16, 3, dim, NULL));
    CHECK_STATUS(mv_load_mem(T, &v, h.p, h.n, &o), MEDVOL_E_ALIAS);
    free(h.p);
    free(f.p);
}

/* ---- saving ---- */
static mv_status save_as(double slope, double inter, mv_dtype t, const double *x, size_t n, int version) {
    size_t dim[1], i;
    mv_volume v = {0}, w = {0};
    mv_save_opt o = {0};
    mv_load_opt lo = {0};
    mv_buffer b = {0};
    mv_status st;
    double *back, step, bound, most = 0.0;
    dim[0] = n;
    o.slope = slope, o.inter = inter, o.dtype = t, o.version = version;
    CHECK_OK(mv_volume_wrap(T, &v, (void *)(uintptr_t)x, MEDVOL_F64, 1, dim, NULL));
    st = mv_save_mem(T, &b, NULL, &v, &o);
    if (st == MEDVOL_OK) {
        lo.dtype = MEDVOL_F64;
        CHECK_OK(mv_load_mem(T, &w, b.data, b.bytes, NULL));
        for (i = 0; i < n; i++) most = x[i] - x[i] == 0.0 && fabs(x[i]) > most ? fabs(x[i]) : most;
        step = fabs(w.slope != 0.0 ? w.slope : 1.0), bound = step * 0.5001 + most * 0x1p-51;
        mv_volume_free(T, &w);
        CHECK_OK(mv_load_mem(T, &w, b.data, b.bytes, &lo));
        back = (double *)w.data;
        for (i = 0; slope == 0.0 && i < n; i++)
            if (x[i] - x[i] == 0.0) CHECK_NEAR(back[i], x[i], bound);
        mv_volume_free(T, &w);
    } else CHECK(!b.data);
    mv_buffer_free(T, &b);
    return st;
}
static void test_scalings(void) { /* whole numbers as they are, else spread to half a step */
    static const double whole[] = {-5, 0, 7, 100}, part[] = {-1.5, 0.25, 3.75, 2}, one[] = {0.5},
                        far[] = {1e9, 1e9 + 1, 1e9 + 2.5}, nans[] = {NAN, 1, 2.5}, none[] = {NAN, NAN},
                        inf[] = {INFINITY, -INFINITY, 2.5, 1}, huge[] = {-1.7e308, 1.7e308, 0.5},
                        tiny[] = {0, 1e-320, 5e-324}, edge[] = {-128, 127}, over[] = {-129, 127, 0.5},
                        large[] = {0, 1e300, 0.5};
    static const mv_dtype kinds[] = {MEDVOL_U8, MEDVOL_I8, MEDVOL_U16, MEDVOL_I16, MEDVOL_U32, MEDVOL_I32,
        MEDVOL_U64, MEDVOL_I64};
    size_t i;
    int version;
    for (version = 0; version <= 2; version++)
        for (i = 0; i < 8; i++) {
            CHECK_OK(save_as(0, 0, kinds[i], whole, 4, version));
            CHECK_OK(save_as(0, 0, kinds[i], part, 4, version));
            CHECK_OK(save_as(0, 0, kinds[i], one, 1, version));
            if (version != 1) CHECK_OK(save_as(0, 0, kinds[i], far, 3, version));
            CHECK_OK(save_as(0, 0, kinds[i], nans, 3, version));
            CHECK_OK(save_as(0, 0, kinds[i], none, 2, version));
            CHECK_OK(save_as(0, 0, kinds[i], inf, 4, version));
            CHECK_OK(save_as(0, 0, kinds[i], edge, 2, version));
            CHECK_OK(save_as(0, 0, kinds[i], over, 3, version));
            CHECK_STATUS(
                save_as(0, 0, kinds[i], large, 3, version), version == 1 ? MEDVOL_E_RANGE : MEDVOL_OK);
            CHECK(save_as(0, 0, kinds[i], huge, 3, 1) == MEDVOL_E_RANGE);
            if (i < 2) CHECK(save_as(0, 0, kinds[i], tiny, 3, 1) == MEDVOL_E_RANGE);
        }
    CHECK_STATUS(save_as(NAN, 0, MEDVOL_I16, part, 4, 0), MEDVOL_E_RANGE);
    CHECK_STATUS(save_as(1, NAN, MEDVOL_I16, part, 4, 0), MEDVOL_E_RANGE);
    CHECK_STATUS(save_as(INFINITY, 0, MEDVOL_I16, part, 4, 0), MEDVOL_E_RANGE);
    CHECK_STATUS(save_as(1, INFINITY, MEDVOL_I16, part, 4, 0), MEDVOL_E_RANGE);
    CHECK_STATUS(save_as(1e-50, 0, MEDVOL_I16, part, 4, 1), MEDVOL_E_RANGE);
    CHECK_STATUS(save_as(1e50, 0, MEDVOL_I16, part, 4, 1), MEDVOL_E_RANGE);
    CHECK_STATUS(save_as(1, 1e50, MEDVOL_I16, part, 4, 1), MEDVOL_E_RANGE);
    CHECK_OK(save_as(1e-50, 0, MEDVOL_I16, part, 4, 2));
    CHECK_STATUS(save_as(1, 0, MEDVOL_C64, part, 4, 0), MEDVOL_E_DTYPE);
    CHECK_STATUS(save_as(0, 0, MEDVOL_RGB24, part, 4, 0), MEDVOL_E_DTYPE);
    CHECK_STATUS(save_as(0, 0, (mv_dtype)12345, part, 4, 0), MEDVOL_E_DTYPE);
}
static int version_of(const mv_volume *v) { /* that is chosen; 0: refused as version 1, as it must be then */
    mv_save_opt o = {0};
    mv_buffer b = {0};
    int version = 0;
    mv_status st;
    if (CHECK_OK(mv_save_mem(T, &b, NULL, v, &o))) version = ((unsigned char *)b.data)[0] == 92 ? 1 : 2;
    mv_buffer_free(T, &b);
    o.version = 1;
    st = mv_save_mem(T, &b, NULL, v, &o);
    CHECK(version == 1 ? st == MEDVOL_OK : st == MEDVOL_E_SIZE || st == MEDVOL_E_RANGE);
    mv_buffer_free(T, &b);
    return version;
}
static void test_versions(void) { /* 1 unless something does not fit */
    static const struct {
        double slope, inter;
        int want;
    } scales[] = {{1e-36, 0, 1}, {1e-38, 0, 2}, {-1e-38, 0, 2}, {9e37, 0, 1}, {2e38, 0, 2}, {1, 9e37, 1},
        {1, 2e38, 2}, {1, -2e38, 2}};
    size_t dim[2] = {32767, 1}, i;
    mv_volume v = {0};
    mv_buffer b = {0};
    mv_save_opt o = {0};
    CHECK_OK(mv_volume_alloc(T, &v, MEDVOL_F32, 2, dim));
    memset(v.data, 0, 4 * 32767);
    CHECK(version_of(&v) == 1);
    for (i = 0; i < sizeof scales / sizeof *scales; i++) {
        v.slope = scales[i].slope, v.inter = scales[i].inter;
        if (!CHECK(version_of(&v) == scales[i].want)) fprintf(stderr, "  scaling %d\n", (int)i);
    }
    v.slope = 1, v.inter = 0;
    v.affine[3] = 1e39; /* a float cannot hold it */
    CHECK(version_of(&v) == 2);
    v.affine[3] = 0;
    v.affine[0] = 1e-45;
    v.affine[5] = 1e-45;
    for (i = 0; i < 3; i++) {
        o.version = i == 0 ? -1 : i == 1 ? 3 : 7;
        CHECK_STATUS(mv_save_mem(T, &b, NULL, &v, &o), MEDVOL_E_RANGE);
        CHECK(!strcmp(T->error.field, "version") && T->error.value == o.version && !b.data);
    }
    v.affine[7] = NAN;
    o.version = 0;
    CHECK_STATUS(mv_save_mem(T, &b, NULL, &v, &o), MEDVOL_E_RANGE);
    CHECK(!strcmp(T->error.field, "affine") && message_has("affine[7]"));
    mv_volume_free(T, &v);
    dim[0] = 32768;
    CHECK_OK(mv_volume_alloc(T, &v, MEDVOL_U8, 2, dim));
    memset(v.data, 0, 32768);
    CHECK(version_of(&v) == 2);
    mv_volume_free(T, &v);
}
static void test_extension_sizes(void) {
    size_t dim[1] = {1}, at = 0, n, i;
    mv_volume v = {0};
    const void *p;
    int code;
    mv_nifti *h;
    CHECK_OK(mv_volume_alloc(T, &v, MEDVOL_U8, 1, dim));
    for (i = 0; i < 40; i++) { /* padded with zeros to whole sixteens, the eight of its own head included */
        CHECK_OK(mv_nifti_ext_add(T, &v, (int)i, "0123456789012345678901234567890123456789", i));
        CHECK(mv_nifti_ext_next(v.nifti, &at, &code, &p, &n) && code == (int)i &&
              n == (i + 8 + 15) / 16 * 16 - 8);
        CHECK(!memcmp(p, "0123456789012345678901234567890123456789", i));
        for (; i < n && n < 40; n--) CHECK(((const unsigned char *)p)[n - 1] == 0);
        CHECK(at == v.nifti->ext_bytes && !mv_nifti_ext_next(v.nifti, &at, &code, &p, &n));
    }
    CHECK_STATUS(mv_nifti_ext_add(T, &v, 6, "x", (size_t)0x7fffff01), MEDVOL_E_SIZE);
    T->desc.limits.max_ext_bytes = v.nifti->ext_bytes + 16;
    CHECK_OK(mv_nifti_ext_add(T, &v, 6, "eight ch", 8));
    CHECK_STATUS(mv_nifti_ext_add(T, &v, 6, NULL, 0), MEDVOL_E_LIMIT);
    CHECK(T->error.value == (double)v.nifti->ext_bytes + 16);
    T->desc.limits.max_ext_bytes = 0;
    h = v.nifti;
    for (i = 0; i < 5; i++) { /* a chain that someone broke: nothing is added, nothing read beyond */
        static const int sizes[] = {15, 24, 0, -16, 0x7ffffff0};
        put(h->ext, 'i', sizes[i], *(const char *)"\1" != 1);
        at = 0;
        CHECK(!mv_nifti_ext_next(h, &at, &code, &p, &n) && at == 0);
        CHECK_STATUS(mv_nifti_ext_add(T, &v, 6, "x", 1), MEDVOL_E_FORMAT);
        CHECK(v.nifti == h);
    }
    at = h->ext_bytes + 1;
    CHECK(!mv_nifti_ext_next(h, &at, &code, &p, &n));
    at = h->ext_bytes - 8;
    CHECK(!mv_nifti_ext_next(h, &at, &code, &p, &n));
    mv_volume_free(T, &v);
}

/* what the message says of a file that is no NIfTI */
static const char *taken_for(const char *start, size_t n) {
    unsigned char b[100];
    mv_volume v = {0};
    memset(b, start[0], sizeof b);
    memcpy(b, start, n);
    CHECK_STATUS(mv_load_mem(T, &v, b, sizeof b, NULL), MEDVOL_E_FORMAT);
    return mv_message(T);
}
static void test_looks_like(void) {
    mv_volume v = {0};
    mv_load_opt o = {0};
    bytes f;
    CHECK(strstr(taken_for("just some text\t\r\n\f~ ", 20), "text"));
    CHECK(strstr(taken_for("\x80\xff\x90", 3), "something unknown"));
    CHECK(strstr(taken_for("a\x08", 2), "something unknown") &&
          strstr(taken_for("a\x0e", 2), "something unknown"));
    CHECK(strstr(taken_for("a\x1f", 2), "something unknown") &&
          strstr(taken_for("a\x7f", 2), "something unknown"));
    CHECK(strstr(taken_for("BZh91AY", 7), "bzip2") && strstr(taken_for("%PDF-1.4", 8), "PDF"));
    CHECK(strstr(taken_for("\xfd" "7zXZ", 5), "but xz"));
    CHECK(strstr(taken_for("ObjectType = Image", 18), "MetaImage"));
    CHECK_STATUS(mv_load_mem(T, &v, "", 0, NULL), MEDVOL_E_FORMAT);
    CHECK(message_has("an empty file"));
    CHECK_STATUS(mv_load_mem(T, &v, "ab", 2, NULL), MEDVOL_E_FORMAT);
    CHECK(message_has("text (2 bytes"));
    f = patched(1, 345, 'c', 'x'); /* not quite a magic: not Analyze either */
    o.analyze = 1;
    CHECK_STATUS(mv_load_mem(T, &v, f.p, f.n, &o), MEDVOL_E_FORMAT);
    CHECK(!strcmp(T->error.field, "magic"));
    f.p[344] = 'm';
    o.img = f.p + 352, o.img_bytes = f.n - 352;
    put(f.p + 108, 'f', 0, 0);
    CHECK_OK(mv_load_mem(T, &v, f.p, f.n, &o));
    mv_volume_free(T, &v);
    free(f.p);
}
static void test_extension_limits(void) { /* by their own limit and by the one of all bytes */
    unsigned char ext[48] = {32, 0, 0, 0, 6, 0, 0, 0, 'a'};
    spec s = {.big = T_BIG_ENDIAN};
    bytes f, z, h, x;
    mv_volume v = {0};
    mv_load_opt o = {0};
    put(ext, 'i', 32, s.big), put(ext + 4, 'i', 6, s.big), put(ext + 32, 'i', 16, s.big);
    s.ext = ext, s.ext_bytes = 48;
    f = make_file(s);
    T->desc.limits.max_ext_bytes = UINT64_MAX;
    CHECK_OK(mv_load_mem(T, &v, f.p, f.n, NULL));
    CHECK(v.nifti->ext_bytes == 48);
    mv_volume_free(T, &v);
    T->desc.limits.max_ext_bytes = 48;
    CHECK_OK(mv_load_mem(T, &v, f.p, f.n, NULL));
    mv_volume_free(T, &v);
    T->desc.limits.max_ext_bytes = 47;
    CHECK_STATUS(mv_load_mem(T, &v, f.p, f.n, NULL), MEDVOL_E_LIMIT);
    CHECK(T->error.value == 48 && T->error.offset == 352);
    T->desc.limits.max_ext_bytes = 0;
    T->desc.limits.max_bytes = 47;
    CHECK_STATUS(mv_load_header_mem(T, &v, f.p, f.n, NULL), MEDVOL_E_LIMIT);
    T->desc.limits.max_bytes = 48;
    CHECK_OK(mv_load_header_mem(T, &v, f.p, f.n, NULL));
    CHECK(v.nifti->ext_bytes == 48);
    mv_volume_free(T, &v);
    T->desc.limits.max_bytes = 0;
    s.pair = 1; /* a header of its own, packed: what may come is cut at the limit, what comes is whole */
    h = make_header(s), x = make_voxels(s);
    z = gz(h.p, h.n, 0, 0);
    o.img = x.p, o.img_bytes = x.n;
    T->desc.limits.max_ext_bytes = 64;
    CHECK_OK(mv_load_mem(T, &v, z.p, z.n, &o));
    CHECK(v.nifti->ext_bytes == 48 && !memcmp(v.nifti->ext + 4, ext + 4, 44) && same_voxels(&v, &s));
    mv_volume_free(T, &v);
    T->desc.limits.max_ext_bytes = 0;
    free(f.p);
    free(h.p);
    free(x.p);
    free(z.p);
}
static void test_surplus(void) { /* behind a crop that is verified */
    spec s = {.big = T_BIG_ENDIAN};
    bytes f = make_file(s), z;
    mv_volume v = {0};
    mv_load_opt o = {0};
    uint64_t k;
    f = bytes_join(f, "more than there should be", 25);
    z = gz(f.p, f.n, 0, 0);
    o.crop = 3, o.size[0] = 4, o.size[1] = 3, o.size[2] = 1, o.verify = 1;
    for (k = 24; k <= 26; k++) {
        o.max_surplus = k == 26 ? UINT64_MAX : k;
        CHECK_STATUS(mv_load_mem(T, &v, z.p, z.n, &o), k == 24 ? MEDVOL_E_LIMIT : MEDVOL_OK);
        CHECK(k == 24 || (mv_warnings(T) == 0 && !memcmp(v.data, f.p + 352, 24)));
        mv_volume_free(T, &v);
    }
    free(f.p);
    free(z.p);
}
static void test_strides(void) { /* into memory with gaps, from every kind of file */
    int kind, swap;
    for (kind = -1; kind < 4; kind++)
        for (swap = 0; swap < 2; swap++) {
            spec s = {0};
            bytes f, z;
            int16_t memory[17 + 10 + 4 + 1];
            size_t dim[3] = {4, 3, 2}, x, y, k;
            ptrdiff_t stride[3] = {1, 5, 17};
            mv_volume v = {0}, w = {0};
            s.big = swap;
            f = make_file(s);
            z = kind < 0 ? bytes_join(bytes_new(0), f.p, f.n) : gz(f.p, f.n, kind, 100);
            memset(memory, 0x55, sizeof memory);
            CHECK_OK(mv_volume_wrap(T, &v, memory, MEDVOL_I16, 3, dim, stride));
            CHECK_OK(mv_load_mem(T, &v, z.p, z.n, NULL));
            CHECK_OK(mv_load_mem(T, &w, f.p, f.n, NULL));
            for (k = 0; k < 2; k++)
                for (y = 0; y < 3; y++)
                    for (x = 0; x < 4; x++)
                        CHECK(memory[x + 5 * y + 17 * k] == ((int16_t *)w.data)[x + 4 * y + 12 * k]);
            CHECK(
                memory[4] == 0x5555 && memory[14] == 0x5555 && memory[16] == 0x5555 && memory[31] == 0x5555);
            mv_volume_free(T, &v);
            mv_volume_free(T, &w);
            free(z.p);
            free(f.p);
        }
}

/* ---- saving ---- */
/* Geometry that has changed is in mm afterwards, whatever the file's unit was; a crop's too. */
static void test_units_changed(void) {
    static const int units[] = {0, 1, 2, 3, 8, 10, 17, 27};
    size_t i;
    for (i = 0; i < sizeof units / sizeof *units; i++) {
        bytes f = patched(1, 123, 'c', units[i]);
        mv_volume v = {0}, w = {0};
        mv_buffer b = {0};
        int d, space = units[i] & 7;
        CHECK_OK(mv_load_mem(T, &v, f.p, f.n, NULL));
        v.affine[3] += 5, v.affine[0] *= 3;
        CHECK_OK(mv_save_mem(T, &b, NULL, &v, NULL));
        CHECK_OK(mv_load_mem(T, &w, b.data, b.bytes, NULL));
        for (d = 0; d < 12; d++) CHECK_NEAR(w.affine[d], v.affine[d], 1e-6 * (1 + fabs(v.affine[d])));
        CHECK((w.nifti->xyzt_units & 7) == (space == 1 || space == 3 ? 2 : space));
        CHECK((w.nifti->xyzt_units & ~7) == (units[i] & ~7));
        mv_buffer_free(T, &b);
        mv_volume_free(T, &v);
        mv_volume_free(T, &w);
        free(f.p);
    }
}
/* A quaternion near a half turn that only doubles hold: as version 1 the same grid all the same. */
static void test_half_turn_as_floats(void) {
    double a, size = 1e-5, b = 0.6, c = 0.64;
    int i;
    for (a = 1e-5; a < 1e-3; a *= 1.7) {
        spec s = {0};
        bytes f;
        mv_volume v = {0}, w = {0};
        mv_buffer out = {0};
        mv_save_opt o = {0};
        s.version = 2;
        f = make_file(s);
        put(f.p + 344, 'i', 1, 0);
        put(f.p + 352, 'd', b, 0);
        put(f.p + 360, 'd', c, 0);
        put(f.p + 368, 'd', sqrt(1 - a * a - b * b - c * c), 0);
        CHECK_OK(mv_load_mem(T, &v, f.p, f.n, NULL));
        o.version = 1;
        CHECK_OK(mv_save_mem(T, &out, NULL, &v, &o));
        CHECK_OK(mv_load_mem(T, &w, out.data, out.bytes, NULL));
        for (i = 0; i < 12; i++) CHECK_NEAR(w.affine[i], v.affine[i], 6 * size);
        mv_buffer_free(T, &out);
        mv_volume_free(T, &v);
        mv_volume_free(T, &w);
        free(f.p);
    }
}
static void test_scaling_of_scaled(void) { /* a new scaling too far from the volume's own */
    size_t dim[1] = {3};
    mv_volume v = {0};
    mv_buffer b = {0};
    mv_save_opt o = {0};
    CHECK_OK(mv_volume_alloc(T, &v, MEDVOL_I16, 1, dim));
    memset(v.data, 0, 6);
    o.version = 2, o.dtype = MEDVOL_I16;
    v.slope = 1e-200, o.slope = 1e200; /* their ratio is 0 */
    CHECK_STATUS(mv_save_mem(T, &b, NULL, &v, &o), MEDVOL_E_RANGE);
    CHECK(!strcmp(T->error.field, "slope") && !b.data);
    v.slope = 1e200, o.slope = 1e-200; /* infinite */
    CHECK_STATUS(mv_save_mem(T, &b, NULL, &v, &o), MEDVOL_E_RANGE);
    v.slope = 1, o.slope = 1e-200, v.inter = 1e200;
    CHECK_STATUS(mv_save_mem(T, &b, NULL, &v, &o), MEDVOL_E_RANGE);
    v.inter = 0, o.slope = 2;
    CHECK_OK(mv_save_mem(T, &b, NULL, &v, &o));
    mv_buffer_free(T, &b);
    mv_volume_free(T, &v);
}

/* ---- pictures ---- */
static void test_picture_sizes(void) { /* 4096 pixels a side unless told otherwise, and not one less */
    static const size_t sides[][2] = {{4096, 4}, {4, 4096}, {4097, 4}, {4, 4097}, {4300, 4200}};
    size_t i;
    for (i = 0; i < (T_SMALL ? 4 : 5); i++) { /* the last is 18 MB */
        size_t dim[3];
        mv_volume v = {0}, p = {0};
        dim[0] = sides[i][0], dim[1] = sides[i][1], dim[2] = 1;
        CHECK_OK(mv_volume_alloc(T, &v, MEDVOL_U8, 3, dim));
        memset(v.data, 9, dim[0] * dim[1]);
        CHECK_OK(mv_render_planes(T, &p, &v, NULL));
        CHECK(p.dim[0] <= 4096 && p.dim[1] <= 4096);
        CHECK(i > 1 || (p.dim[0] == dim[0] && p.dim[1] == dim[1]));
        CHECK(i < 2 || p.dim[0] > 4050 || p.dim[1] > 4050);
        mv_volume_free(T, &v);
        mv_volume_free(T, &p);
    }
}

/* ---- the platform's files ---- */
#ifdef POSIX
/* folders of 200 characters, made, one within the other; then end */
static bytes long_path(const char *end) {
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
static int name_taken(void *user, const char *path, int mode, void **file) {
    if (mode == MEDVOL_IO_READ) return mv_io_default()->open(NULL, path, mode, file);
    ++*(int *)user;
    return MEDVOL_E_EXISTS;
}
static int link_taken(void *user, const char *path, const char *other) {
    (void)path, (void)other;
    ++*(int *)user;
    return MEDVOL_E_EXISTS;
}
static void test_names_taken(void) { /* a thousand names for a temporary file are tried */
    mv_io io = *mv_io_default();
    size_t dim = 3;
    int tried = 0;
    mv_volume v = {0};
    CHECK_OK(mv_volume_alloc(T, &v, MEDVOL_U8, 1, &dim));
    memset(v.data, 1, dim);
    CHECK_OK(mv_save(T, &v, t_path("taken.hdr"), NULL));
    io.user = &tried, io.open = name_taken;
    T->desc.io = &io;
    CHECK_STATUS(mv_save(T, &v, t_path("taken.hdr"), NULL), MEDVOL_E_EXISTS);
    CHECK(tried == 1000);
    io.open = mv_io_default()->open, io.link = link_taken; /* the old .img is then not kept */
    tried = 0;
    CHECK_OK(mv_save(T, &v, t_path("taken.hdr"), NULL));
    CHECK(tried == 1000);
    T->desc.io = NULL;
    mv_volume_free(T, &v);
    remove(t_path("taken.hdr"));
    remove(t_path("taken.img"));
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
    {"gzip_nothing", test_gzip_nothing, T_ONCE},
    {"gzip_null", test_gzip_null, T_ONCE},
    {"gzip_sizes", test_gzip_sizes, T_ONCE},
    {"zlib_heads", test_zlib_heads, 0},
    {"deflate_rooms", test_deflate_rooms, 0},
    {"gzip_source_fails", test_gzip_source_fails, 0},
    {"gzip_tails", test_gzip_tails, 0},
    {"gzip_extra", test_gzip_extra, T_ONCE},
    {"gzip_claims", test_gzip_claims, T_ONCE},
    {"gzip_many", test_gzip_many, 0},
    {"gzip_limits", test_gzip_limits, 0},
    {"gzip_damage", test_gzip_damage, 0},
    {"gzip_sink_fails", test_gzip_sink_fails, 0},
    {"no_context", test_no_context, T_ONCE},
    {"load_null", test_load_null, T_ONCE},
    {"warned_at", test_warned_at, T_ONCE},
    {"units", test_units, T_ONCE},
    {"slices", test_slices, T_ONCE},
    {"wide_values", test_wide_values, T_ONCE},
    {"partial_types", test_partial_types, T_ONCE},
    {"target", test_target, T_ONCE},
    {"volumes", test_volumes, T_ONCE},
    {"large_blocks", test_large_blocks, T_ONCE},
    {"pair_headers", test_pair_headers, T_ONCE},
    {"img_names", test_img_names, T_ONCE},
    {"scalings", test_scalings, 0},
    {"versions", test_versions, T_ONCE},
    {"extension_sizes", test_extension_sizes, T_ONCE},
    {"partial_cuts", test_partial_cuts, T_ONCE},
    {"large_into", test_large_into, 0},
    {"looks_like", test_looks_like, T_ONCE},
    {"extension_limits", test_extension_limits, T_ONCE},
    {"surplus", test_surplus, T_ONCE},
    {"strides", test_strides, 0},
    {"units_changed", test_units_changed, T_ONCE},
    {"half_turn_as_floats", test_half_turn_as_floats, T_ONCE},
    {"scaling_of_scaled", test_scaling_of_scaled, T_ONCE},
    {"picture_sizes", test_picture_sizes, T_ONCE},
    {"names_taken", T_POSIX(test_names_taken), T_ONCE},
    {"default_io", T_POSIX(test_default_io), T_ONCE},
    {"save_anywhere", T_POSIX(test_save_anywhere), T_ONCE},
    {NULL, NULL, 0},
};
