/* needs: lz4.h
   libs: -llz4 */
#include "../bench.h"
#include <lz4.h>

static int run_compress(bench *b) {
    const int n = LZ4_compress_default((const char *)b->aux[0].data, (char *)b->aux[1].data,
        (int)bench_bytes(&b->in), (int)bench_bytes(&b->aux[1]));
    b->peer_packed = n > 0 ? (size_t)n : 0;
    return n <= 0;
}
static int check_compress(bench *b) { /* ours reads its block */
    const size_t n = bench_bytes(&b->in);
    void *back = malloc(n);
    size_t made = 0;
    int bad = !back || mv_lz4_decompress(b->ctx, back, n, b->aux[1].data, b->peer_packed, &made) < 0 ||
        made != n ||
        memcmp(back, b->aux[0].data, n) != 0;
    free(back);
    return bad;
}
static int run_decompress(bench *b) { /* it reads ours */
    return LZ4_decompress_safe((const char *)b->aux[1].data, (char *)b->peer.data,
        (int)bench_bytes(&b->aux[1]),
        (int)bench_bytes(&b->peer)) != (int)bench_bytes(&b->peer);
}
static int fits(bench *b) { return bench_bytes(&b->in) > LZ4_MAX_INPUT_SIZE ? -1 : 0; }

extern const bench_peer peers_lz4[];
const bench_peer peers_lz4[] = {
    {"liblz4", "lz4 compress", MEDVOL_I16, run_compress, .check = check_compress, .setup = fits},
    {"liblz4", "lz4 compress", MEDVOL_F32, run_compress, .check = check_compress, .setup = fits},
    {"liblz4", "lz4 decompress", MEDVOL_I16, run_decompress, .setup = fits},
    {"liblz4", "lz4 decompress", MEDVOL_F32, run_decompress, .setup = fits},
    {0},
};
