/* lz4_peer.c - blocks of LZ4 against liblz4: each reads what the other packed, whatever the data; of damaged
   blocks we take what it takes, with its bytes, but for distances of 0: invalid, and not looked at there.
   Build: make build/lz4_peer   Run: build/lz4_peer [BLOCKS=20000] */
#include "medvol.h"
#include <lz4.h>
#include <lz4hc.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST = 100000, ROOM = MOST + MOST / 255 + 64 };
static uint8_t data[MOST], turned[MOST], ours[ROOM], its[ROOM], back[MOST + 64], other[MOST + 64];
static uint64_t state = 1;
static uint64_t bits(void) { /* splitmix64 */
    uint64_t z = (state += 0x9e3779b97f4a7c15u);
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}
static void fill(size_t n) { /* voxels, noise, runs, texts */
    const unsigned kind = (unsigned)(bits() % 6), a = 1 + (unsigned)(bits() % 40), b = 1 + (unsigned)(bits() % 200);
    size_t i;
    for (i = 0; i < n; i++)
        switch (kind) {
            case 0: data[i] = (uint8_t)bits(); break;
            case 1: data[i] = (uint8_t)(bits() % a); break;
            case 2: data[i] = (uint8_t)(i % b < b / 2 ? 0 : i / b); break;
            case 3: data[i] = (uint8_t)(i >= b && bits() % 16 ? data[i - b] : bits()); break;
            case 4: data[i] = (uint8_t)(i % a); break;
            default: data[i] = (uint8_t)(i % 2 ? 3 : 100 + 90 * sin((double)i / b)); break;
        }
}
static int distance_0(const uint8_t *p, size_t n) {
    size_t i = 0;
    while (i < n) {
        const unsigned token = p[i++];
        size_t lit = token >> 4;
        if (lit == 15) do lit += p[i]; while (i < n && p[i++] == 255);
        i += lit;
        if (i + 2 > n) return 0;
        if (p[i] == 0 && p[i + 1] == 0) return 1;
        i += 2;
        if ((token & 15) == 15) while (i < n && p[i++] == 255) {}
    }
    return 0;
}
static int wrong(const char *what, size_t n) { return printf("lz4: %s, %zu bytes\n", what, n), 1; }
int main(int argc, char **argv) {
    const long blocks = argc > 1 ? atol(argv[1]) : 20000;
    size_t n, made, got, sum_ours = 0, sum_its = 0;
    long k, damaged = 0;
    int m, r;
    for (k = 0; k < blocks; k++) {
        n = bits() % 4 ? bits() % 1000 : bits() % MOST;
        fill(n);
        if (k % 3 == 0) {
            if (mv_byte_shuffle(NULL, turned, data, n, 1 + bits() % 8) < 0) return wrong("shuffle", n);
            memcpy(data, turned, n);
        }
        if (mv_lz4_compress(NULL, ours, mv_lz4_bound(n), data, n, &made) < 0) return wrong("compress", n);
        r = LZ4_decompress_safe((const char *)ours, (char *)back, (int)made, (int)n);
        if (r != (int)n || memcmp(back, data, n)) return wrong("liblz4 does not read ours", n);
        m = k % 4 ? LZ4_compress_default((const char *)data, (char *)its, (int)n, ROOM)
                  : LZ4_compress_HC((const char *)data, (char *)its, (int)n, ROOM, 9);
        if (m <= 0) return wrong("liblz4 packs nothing", n);
        if (mv_lz4_decompress(NULL, back, n, its, (size_t)m, &got) < 0 || got != n || memcmp(back, data, n))
            return wrong("liblz4's block is not read", n);
        if (k % 4) sum_ours += made, sum_its += (size_t)m;
        for (r = 0; r <= (int)(bits() % 4); r++) its[bits() % (size_t)m] = (uint8_t)bits();
        r = LZ4_decompress_safe((const char *)its, (char *)back, m, (int)(n + 40));
        if (r < 0 || distance_0(its, (size_t)m)) continue;
        if (mv_lz4_decompress(NULL, other, n + 40, its, (size_t)m, &got) < 0 || (int)got != r ||
            memcmp(back, other, got))
            return wrong("a damaged block that liblz4 takes is not read", n);
        damaged++;
    }
    printf("%ld blocks each way; of damaged ones %ld that liblz4 takes, too; ours are %.3f of its bytes\n", blocks,
        damaged, (double)sum_ours / (double)sum_its);
    return 0;
}
