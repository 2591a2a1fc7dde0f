/* gzip_peers.c - is medvol's inflate of the same mind as zlib's, and do zlib and libdeflate take what medvol
   writes? cc -O2 -I. tests/peers/gzip_peers.c build/medvol.o -lz -ldeflate -lm -lpthread -o
   build/gzip_peers_test build/gzip_peers_test [STREAMS=1000000] [SEED=1] Mutated deflate streams of several
   makers: status, output and bytes used must be zlib's. Every level in turn. */
#include "../../medvol.h"
#include <libdeflate.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

static uint64_t state;
static uint64_t rnd(void) {
    uint64_t z = (state += 0x9e3779b97f4a7c15u);
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}
static size_t data(uint8_t *p, size_t n) {
    int kind = (int)(rnd() % 6);
    size_t i;
    n = rnd() % 3 ? rnd() % 300 : rnd() % n;
    for (i = 0; i < n; i++) {
        uint64_t r = rnd();
        switch (kind) {
            case 0: p[i] = (uint8_t)r; break;
            case 1: p[i] = 0; break;
            case 2: p[i] = (uint8_t)"abcab cde"[r % 9]; break;
            case 3: p[i] = (uint8_t)(i % 2 ? r & 3 : r & 63); break;
            case 4: p[i] = i > 9 && r % 7 ? p[i - 1 - (r >> 8) % 9] : (uint8_t)(r & 15); break;
            default: p[i] = (uint8_t)(r % 40 == 0 ? r >> 8 : 7);
        }
    }
    return n;
}
static size_t zlib_raw(uint8_t *dst, size_t cap, const uint8_t *src, size_t n) {
    z_stream z;
    static const int strategy[] = {Z_DEFAULT_STRATEGY, Z_FILTERED, Z_HUFFMAN_ONLY, Z_RLE, Z_FIXED};
    memset(&z, 0, sizeof z);
    deflateInit2(&z, (int)(rnd() % 10), 8, -15, 1 + (int)(rnd() % 9), strategy[rnd() % 5]);
    z.next_in = (Bytef *)src; z.avail_in = (uInt)n; z.next_out = dst; z.avail_out = (uInt)cap;
    deflate(&z, Z_FINISH);
    deflateEnd(&z);
    return z.total_out;
}
/* 1 ended, 0 not; *used and *made as zlib counts */
static int zlib_inflate(
    uint8_t *dst, size_t cap, const uint8_t *src, size_t n, size_t *used, size_t *made, int *truncated) {
    static z_stream z;
    static int ready;
    int r;
    if (!ready) { memset(&z, 0, sizeof z); inflateInit2(&z, -15); ready = 1; }
    else inflateReset(&z);
    z.next_in = (Bytef *)src; z.avail_in = (uInt)n; z.next_out = dst; z.avail_out = (uInt)cap;
    r = inflate(&z, Z_FINISH);
    *used = z.total_in;
    *made = z.total_out;
    *truncated = r == Z_BUF_ERROR;
    return r == Z_STREAM_END;
}
int main(int argc, char **argv) {
    long streams = argc > 1 ? atol(argv[1]) : 1000000, k, accepted = 0, wrong = 0;
    size_t cap = 40000, room = 60000;
    uint8_t *src = (uint8_t *)malloc(cap), *gz = (uint8_t *)malloc(room), *a = (uint8_t *)malloc(2 * cap),
            *b = (uint8_t *)malloc(2 * cap);
    struct libdeflate_decompressor *ld = libdeflate_alloc_decompressor();
    size_t gn = 0, n = 0;
    state = argc > 2 ? strtoull(argv[2], NULL, 10) : 1;
    for (k = 0; k < streams; k++) {
        uint8_t *in;
        size_t used, made, zused, zmade, m, i;
        int ok, cut;
        mv_status st;
        if (k % 64 == 0) {
            mv_level_force(1 + (int)(k / 64 % 4));
            n = data(src, cap);
            if (rnd() % 2) gn = zlib_raw(gz, room, src, n);
            else if (mv_deflate(NULL, gz, room, src, n, (int)(rnd() % 10), &gn) < 0) {
                printf("deflate failed\n");
                return 1;
            }
            { /* unharmed: everybody reads it */
                size_t got;
                if (!zlib_inflate(a, 2 * cap, gz, gn, &zused, &zmade, &cut) || zmade != n ||
                    memcmp(a, src, n)) {
                    printf("zlib refuses\n");
                    return 1;
                }
                if (libdeflate_deflate_decompress(ld, gz, gn, b, 2 * cap, &got) || got != n ||
                    memcmp(b, src, n)) {
                    printf("libdeflate refuses\n");
                    return 1;
                }
            }
        }
        m = rnd() % 8 ? gn : rnd() % (gn + 1);
        if (k % 5 == 0) m = rnd() % 200; /* noise from the first bit */
        in = (uint8_t *)malloc(m ? m : 1); /* of the exact size, for sanitizers */
        if (k % 5 == 0) {
            for (i = 0; i < m; i++) in[i] = (uint8_t)rnd();
            if (m) in[0] = (uint8_t)((in[0] & ~7) | (rnd() % 4 ? 5 : 3));
        } else {
            size_t flips = k % 64 ? 1 + rnd() % 3 : 0, reach = rnd() % 2 ? m : m < 80 ? m : 80;
            if (m) memcpy(in, gz, m);
            for (i = 0; i < flips && m; i++) in[rnd() % reach] ^= (uint8_t)(1u << rnd() % 8);
        }
        ok = zlib_inflate(a, 2 * cap, in, m, &zused, &zmade, &cut);
        st = mv_inflate(NULL, b, 2 * cap, in, m, &used, &made);
        if (zmade == 2 * cap || st == MEDVOL_E_SPACE) { free(in); continue; }
        accepted += ok;
        if ((st == MEDVOL_OK) != ok || (ok && (made != zmade || used != zused || memcmp(a, b, made)))) {
            if (wrong++ < 5)
                printf("stream %ld: zlib %d (%zu of %zu bytes), medvol %d (%zu, %zu)\n", k, ok, zused, zmade,
                    (int)st, used, made);
        } else if (!ok && memcmp(a, b, made < zmade ? made : zmade)) {
            if (wrong++ < 5) printf("stream %ld: different output before the error\n", k);
        } else if (!ok && !cut &&
            st == MEDVOL_E_TRUNCATED) { /* zlib may ask for more where we refuse an empty code at once */
            if (wrong++ < 5) printf("stream %ld: zlib truncated %d, medvol %d\n", k, cut, (int)st);
        }
        free(in);
    }
    printf("%ld streams, %ld accepted by both, %ld differences\n", streams, accepted, wrong);
    return wrong != 0;
}
