/* fuzz_gzip.c - gzip files: unpacked whole, by the reader in odd steps, and by the index of their members,
   all with one answer, which is zlib's too (built with -DFUZZ_ZLIB -lz). p[1]: options, p[2]: step. */
#include "fuzz.h"
#ifdef FUZZ_ZLIB
#  include <zlib.h>
#endif

enum { ROOM = 1 << 18 };
typedef struct {
    const uint8_t *p;
    size_t n, at, step;
} source;
static ptrdiff_t pull(void *user, void *dst, size_t n) {
    source *s = (source *)user;
    size_t k = s->n - s->at < s->step ? s->n - s->at : s->step;
    if (k > n) k = n;
    if (k) memcpy(dst, s->p + s->at, k);
    s->at += k;
    return (ptrdiff_t)k;
}
static ptrdiff_t pull_at(void *user, void *dst, size_t n, uint64_t offset) {
    const source *s = (const source *)user;
    MUST(offset <= s->n && n <= s->n - offset);
    memcpy(dst, s->p + offset, n);
    return (ptrdiff_t)n;
}
/* the reader in steps; sizes of reads and skips from `step` */
static mv_status stepwise(mv_ctx *c, uint8_t *b, const source *from, unsigned how, size_t *got_all,
                          mv_gzip_info *info) {
    mv_gzip_reader *r = NULL;
    source s = *from;
    size_t got, at = 0;
    mv_status st;
    memset(info, 0, sizeof *info);
    *got_all = 0;
    st = how & 8 ? mv_gzip_open_mem(c, &r, s.p, s.n) : mv_gzip_open(c, &r, pull, &s);
    while (st == MEDVOL_OK && at < ROOM) {
        size_t want = 1 + (at * 7 + s.step) % 150000;
        if (want > ROOM - at) want = ROOM - at;
        if (how & 16 && want & 1) {
            uint64_t gone = 0;
            st = mv_gzip_skip(c, r, want, &gone);
            got = (size_t)gone;
            memset(b + at, 0xee, got); /* not compared */
        } else st = mv_gzip_read(c, r, b + at, want, &got);
        at += got;
        if (st == MEDVOL_OK) MUST(mv_gzip_tell(r) == at);
        if (got < want) break;
    }
    if (st == MEDVOL_OK) st = mv_gzip_finish(c, r, ROOM, info);
    mv_gzip_close(c, r);
    *got_all = at;
    return st;
}
static void by_index(mv_ctx *c, const uint8_t *a, mv_status st, const mv_gzip_info *info, const source *s) {
    static uint8_t part[ROOM];
    mv_gzip_index x, y;
    size_t i, first, count;
    uint64_t from, to;
    mv_status sx, sy;
    memset(&x, 0, sizeof x);
    memset(&y, 0, sizeof y);
    sx = mv_gzip_index_mem(c, &x, s->p, s->n);
    sy = mv_gzip_index_scan(c, &y, pull_at, (void *)(uintptr_t)s, s->n);
    if (!fz_refused()) MUST(sx == sy && x.count == y.count && x.kind == y.kind && x.dst_n == y.dst_n);
    if (sx == MEDVOL_OK && x.count) {
        from = s->step > 1000 ? 0 : s->step % (x.dst_n + 1);
        to = x.dst_n - from > ROOM ? from + ROOM : x.dst_n;
        MUST(mv_gzip_index_range(c, &x, from, to, &first, &count) == MEDVOL_OK && first + count <= x.count);
        sx = mv_gzip_index_unpack(c, &x, part, from, to, s->p, s->n);
        /* all of it is verified but for what claims to be empty; a part rests on what the members claim */
        for (i = 0; i < x.count && x.member[i].dst_n > 0; i++) {}
        if (sx == MEDVOL_OK && from == 0 && to == x.dst_n && st == MEDVOL_OK && i == x.count)
            MUST(info->dst_n == to && !memcmp(part, a, (size_t)to));
        for (i = 0; i < x.count && i < 4; i++)
            if (x.member[i].dst_n <= ROOM) {
                uint8_t *scratch = (uint8_t *)malloc(mv_gzip_scratch_size());
                sx = mv_gzip_member_unpack(i & 1 ? c : NULL, part, x.member[i].dst_n, s->p + x.member[i].src,
                    x.member[i].src_n, scratch);
                if (st == MEDVOL_OK && !fz_refused()) /* the index may lie */
                    MUST(sx == MEDVOL_OK || sx == MEDVOL_E_CORRUPT || sx == MEDVOL_E_TRUNCATED);
                free(scratch);
            }
    }
    mv_gzip_index_free(c, &x);
    mv_gzip_index_free(c, &y);
}
#ifdef FUZZ_ZLIB
static int zlib_takes(const uint8_t *a, const mv_gzip_info *info, const uint8_t *p, size_t n) {
    static z_stream z;
    static uint8_t b[ROOM];
    size_t at = 0, used = 0, members = 0;
    int r = Z_STREAM_END;
    while (n - used >= 2 && p[used] == 0x1f && p[used + 1] == 0x8b && r == Z_STREAM_END) {
        MUST((z.state ? inflateReset(&z) : inflateInit2(&z, 31)) == Z_OK);
        z.next_in = (z_const Bytef *)(p + used), z.avail_in = (uInt)(n - used);
        z.next_out = b + at, z.avail_out = (uInt)(ROOM - at);
        if (at == ROOM) return -1; /* no room: no answer */
        r = inflate(&z, Z_FINISH);
        if (r == Z_BUF_ERROR && !z.avail_out) return -1;
        used = n - z.avail_in, at = ROOM - z.avail_out;
        members += r == Z_STREAM_END;
    }
    if (r != Z_STREAM_END || members == 0) return 0;
    if (info) MUST(info->members == members && info->dst_n == at && info->src_n == used && !memcmp(a, b, at));
    return 1;
}
#endif
FUZZ(gzip) {
    static uint8_t *a, *b; /* of their exact size */
    mv_ctx *c;
    mv_gzip_info ia, ib;
    mv_status sa, sb;
    size_t at = 0, cap = ROOM, i;
    source s;
    if (n < 3) return 0;
    if (!a) a = (uint8_t *)malloc(ROOM), b = (uint8_t *)malloc(ROOM);
    c = p[1] & 4 ? fz_begin_pool(p[0], 1 << 20) : fz_begin(p[0], 1 << 20);
    c->desc.limits.max_members = p[1] & 32 ? 3 : 0;
    fz_level(p[1]);
    s.p = p + 3, s.n = n - 3, s.at = 0, s.step = 1 + p[2] * 5u;
    memset(&ia, 0, sizeof ia);
    sa = mv_gzip_unpack(c, a, cap, s.p, s.n, &ia);
    if (sa < 0) fz_failed(c, sa);
    else MUST(ia.verified && ia.dst_n <= cap && ia.src_n + ia.tail_n == s.n);
    sb = stepwise(c, b, &s, p[1], &at, &ib);
    if (sb < 0) fz_failed(c, sb);
    if (!fz_refused()) {
        if (sa == MEDVOL_OK) {
            MUST(sb == MEDVOL_OK && ia.dst_n == ib.dst_n && ia.members == ib.members &&
                ia.tail_n == ib.tail_n);
            for (i = 0; i < at; i++) MUST(b[i] == a[i] || b[i] == 0xee);
        } else if (sa != MEDVOL_E_SPACE) MUST(sb == sa);
#ifdef FUZZ_ZLIB
        if (!c->desc.limits.max_members && sa != MEDVOL_E_SPACE) {
            int r = zlib_takes(a, sa == MEDVOL_OK ? &ia : NULL, s.p, s.n);
            MUST(r < 0 || r == (sa == MEDVOL_OK));
        }
#endif
    }
    by_index(c, a, sa, &ia, &s);
    fz_end();
    return 0;
}
