/* fuzz_lz4.c - any bytes as a block of LZ4 and as data: what is taken goes there and back, within its
   buffers, alike at every level. p[2]: room, in steps of 40 bytes; p[3]: bytes of an element. */
#include "fuzz.h"

FUZZ(lz4) {
    uint8_t *a, *b, *back;
    size_t made = 7, again = 7, cap, bound;
    mv_status st;
    mv_ctx *c;
    if (n < 4) return 0;
    c = fz_begin(p[0], 1 << 20);
    fz_level(p[1]);
    cap = 40u * p[2];
    a = (uint8_t *)malloc(cap ? cap : 1), back = (uint8_t *)malloc(n);
    MUST(a && back);
    st = mv_lz4_decompress(c, a, cap, p + 4, n - 4, &made);
    MUST(made <= cap && (st == MEDVOL_OK || made == 0));
    MUST(st == MEDVOL_OK || st == MEDVOL_E_CORRUPT || st == MEDVOL_E_SPACE);
    if (st < 0) fz_failed(c, st);
    else { /* as data it makes a block again */
        bound = mv_lz4_bound(made);
        b = (uint8_t *)malloc(bound + made + 1);
        MUST(b);
        st = mv_lz4_compress(c, b, bound, a, made, &again);
        if (st < 0) {
            fz_failed(c, st);
            MUST(st == MEDVOL_E_NOMEM);
        } else {
            MUST(mv_lz4_decompress(c, b + bound, made, b, again, &cap) == MEDVOL_OK && cap == made);
            MUST(made == 0 || !memcmp(b + bound, a, made));
        }
        free(b);
    }
    bound = mv_lz4_bound(n); /* and the input, as data */
    b = (uint8_t *)malloc(bound);
    MUST(b);
    st = mv_lz4_compress(c, b, bound, p, n, &made);
    if (st == MEDVOL_OK)
        MUST(mv_lz4_decompress(c, back, n, b,
            made, &again) == MEDVOL_OK && again == n && !memcmp(back, p, n));
    else fz_failed(c, st);
    st = mv_byte_shuffle(c, b, p, n, p[3]);
    MUST(st == (p[3] ? MEDVOL_OK : MEDVOL_E_RANGE));
    if (st == MEDVOL_OK) MUST(mv_byte_unshuffle(c, back, b, n, p[3]) == MEDVOL_OK && !memcmp(back, p, n));
    free(a);
    free(b);
    free(back);
    fz_end();
    return 0;
}
