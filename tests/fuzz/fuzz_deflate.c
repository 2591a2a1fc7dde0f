/* fuzz_deflate.c - what deflate, the gzip packer and the gzip writer make of any bytes decodes to them again,
   fits the bound, and is the same at every level. p[1], p[2]: options. */
#include "fuzz.h"

typedef struct {
    uint8_t *p;
    size_t n, cap;
    int calls, fail; /* the call that fails */
} sink;
static int push(void *user, const void *src, size_t n) {
    sink *s = (sink *)user;
    if (++s->calls == s->fail) return -1;
    MUST(n <= s->cap - s->n);
    if (n) memcpy(s->p + s->n, src, n);
    s->n += n;
    return 0;
}
static void stream(mv_ctx *c, const uint8_t *p, size_t n, int level, unsigned how, int zlib) {
    size_t cap = mv_deflate_bound(n), made = 0, again = 0, used, got;
    uint8_t *z = (uint8_t *)malloc(cap), *y = (uint8_t *)malloc(cap), *back = (uint8_t *)malloc(n + 1);
    mv_status st = zlib ? mv_deflate_zlib(c, z, cap, p, n, level, &made)
                        : mv_deflate(c, z, cap, p, n, level, &made);
    MUST(z && y && back);
    if (st < 0) {
        fz_failed(c, st);
        MUST(fz_refused());
    } else {
        MUST(made <= cap);
        fz_level(0);
        st = zlib ? mv_inflate_zlib(T_NONE, back, n, z, made, &used, &got)
                  : mv_inflate(T_NONE, back, n, z, made, &used, &got);
        MUST(st == MEDVOL_OK && used == made && got == n && (n == 0 || !memcmp(back, p, n)));
        st = zlib ? mv_deflate_zlib(T_NONE, y, made - 1, p, n, level, &again)
                  : mv_deflate(T_NONE, y, made - 1, p, n, level, &again);
        MUST(st == MEDVOL_E_SPACE); /* one byte too few */
        st = zlib ? mv_deflate_zlib(T_NONE, y, cap, p, n, level, &again)
                  : mv_deflate(T_NONE, y, cap, p, n, level, &again);
        MUST(st == MEDVOL_OK && again == made && !memcmp(z, y, made));
        fz_level(how);
    }
    free(z);
    free(y);
    free(back);
}
static void file(mv_ctx *c, const uint8_t *p, size_t n, const mv_gzip_opt *o, unsigned how) {
    size_t cap = mv_gzip_bound(n, o), made = 0, at = 0, k;
    uint8_t *z = (uint8_t *)malloc(cap), *back = (uint8_t *)malloc(n + 1);
    mv_gzip_writer *w = NULL;
    mv_gzip_info info;
    sink s = {NULL, 0, 0, 0, 0};
    mv_status st = mv_gzip_pack(c, z, cap, p, n, o, &made);
    if (st == MEDVOL_OK) {
        MUST(made <= cap && mv_gzip_is(z, made));
        MUST(mv_gzip_unpack(T_NONE, back, n, z, made, &info) == MEDVOL_OK && info.dst_n == n && !info.tail_n);
        MUST(n == 0 || !memcmp(back, p, n));
    } else fz_failed(c, st);
    s.p = (uint8_t *)malloc(cap);
    s.cap = cap;
    s.fail = how & 0x80 ? 2 : 0;
    st = mv_gzip_writer_open(c, &w, push, &s, o);
    while (st == MEDVOL_OK && at < n) {
        k = 1 + (at * 31 + how) % 2000;
        if (k > n - at) k = n - at;
        st = mv_gzip_writer_put(c, w, p + at, k);
        at += k;
    }
    if (st == MEDVOL_OK && how & 0x40) mv_gzip_writer_abort(c, w);
    else if (w) {
        st = mv_gzip_writer_close(c, w, &info);
        if (st == MEDVOL_OK && made) MUST(s.n == made && !memcmp(s.p, z, made) && info.dst_n == n);
    }
    if (st < 0) fz_failed(c, st);
    free(s.p);
    free(z);
    free(back);
}
FUZZ(deflate) {
    mv_gzip_opt o;
    mv_ctx *c;
    int level;
    if (n < 3) return 0;
    c = p[1] & 4 ? fz_begin_pool(p[0], 6 << 20) : fz_begin(p[0], 6 << 20);
    fz_level(p[1]);
    level = p[2] % 10;
    memset(&o, 0, sizeof o);
    o.container = p[1] >> 3 & 3;
    o.level = level ? level : MEDVOL_GZIP_STORE;
    o.member = 100 + (p[2] >> 4) * 77u;
    o.align = p[1] >> 5 & 1 ? 77 : 0;
    o.head = p[2] & 1 ? 50 : 0;
    if (p[2] & 0x80) file(c, p + 3, n - 3, &o, p[1]);
    else stream(c, p + 3, n - 3, level, p[1], p[1] >> 3 & 1);
    fz_end();
    return 0;
}
