/* fuzz_inflate.c - raw deflate and zlib streams. p[1]: SIMD level, container, room of the output. Accepts,
   refuses and decodes as zlib does (built with -DFUZZ_ZLIB -lz), else as the scalar level does. */
#include "fuzz.h"
#ifdef FUZZ_ZLIB
#  include <zlib.h>
#endif

enum { ROOMS = 8 };
static const size_t room[ROOMS] = {4096, 0, 1, 258, 1000, 4095, 40000, 66000};
static uint8_t *out[ROOMS], *ref[ROOMS]; /* each of its exact size, so that a step too far is seen */

#define OUT_OF_BOTH MEDVOL_STATUS_FORCE_INT /* input and room ended together */
/* what the other decoder makes of the stream */
static mv_status other(uint8_t *dst, size_t cap, const uint8_t *p, size_t n, int head, size_t *used,
                       size_t *made) {
#ifdef FUZZ_ZLIB
    static z_stream z[2];
    static uint8_t nowhere[1];
    z_stream *s = &z[head];
    int r = s->state ? inflateReset(s) : inflateInit2(s, head ? 15 : -15);
    MUST(r == Z_OK);
    s->next_in = (z_const Bytef *)p;
    s->avail_in = (uInt)n;
    s->next_out = cap ? dst : nowhere; /* NULL is refused */
    s->avail_out = (uInt)cap;
    r = inflate(s, Z_FINISH);
    *used = n - s->avail_in;
    *made = cap - s->avail_out;
    if (r == Z_STREAM_END) return MEDVOL_OK;
    if (r == Z_NEED_DICT) return MEDVOL_E_UNSUPPORTED;
    if (r == Z_DATA_ERROR) return MEDVOL_E_CORRUPT;
    MUST(r == Z_BUF_ERROR);
    return s->avail_in ? MEDVOL_E_SPACE : s->avail_out ? MEDVOL_E_TRUNCATED : OUT_OF_BOTH;
#else
    fz_level(0);
    return (head ? mv_inflate_zlib : mv_inflate)(T_NONE, dst, cap, p, n, used, made);
#endif
}
/* Where zlib waits for more the stream may already be seen to be refused; where the room is full it looks one
   symbol further. */
static int agree(mv_status st, mv_status want, int full) {
    int refused = st == MEDVOL_E_CORRUPT || st == MEDVOL_E_FORMAT || st == MEDVOL_E_UNSUPPORTED;
    if (st == MEDVOL_E_SPACE) return full && want != MEDVOL_OK;
    if (want == OUT_OF_BOTH) return refused || st == MEDVOL_E_TRUNCATED;
    if (want == MEDVOL_E_TRUNCATED || want == MEDVOL_E_SPACE) return refused || st == want;
    return st == want || (want == MEDVOL_E_CORRUPT && st == MEDVOL_E_FORMAT);
}
FUZZ(inflate) {
    mv_status st, want;
    size_t cap, used = 0, made = 0, wused = 0, wmade = 0;
    uint8_t *a, *b;
    mv_ctx *c;
    unsigned how;
    int head, k;
    if (n < 2) return 0;
    for (k = 0; !out[ROOMS - 1] && k < ROOMS; k++) {
        out[k] = (uint8_t *)malloc(room[k]);
        ref[k] = (uint8_t *)malloc(room[k]);
    }
    how = p[1];
    head = how >> 2 & 1;
    cap = room[how >> 3 & 7], a = out[how >> 3 & 7], b = ref[how >> 3 & 7];
    c = fz_begin(p[0], 1 << 20);
    p += 2, n -= 2;
    fz_level(how);
    if (head) st = mv_inflate_zlib(c, a, cap, p, n, &used, &made);
    else st = mv_inflate(c, a, cap, p, n, &used, &made);
    MUST(used <= n && made <= cap && (uint64_t)made <= mv_inflate_bound(n));
    fz_end();
    if (fz_refused()) {
        fz_failed(c, st);
        return 0;
    }
    want = other(b, cap, p, n, head, &wused, &wmade);
    MUST(agree(st, want, wmade == cap));
    if (st == MEDVOL_OK) MUST(used == wused && made == wmade);
    else fz_failed(c, st);
    if (made > wmade) made = wmade;
    MUST(made == 0 || !memcmp(a, b, made));
    return 0;
}
