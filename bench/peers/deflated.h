/* deflated.h - is what a peer packed into b->aux[1], so many bytes of it, the data of b->in? */
#ifndef DEFLATED_H
#define DEFLATED_H
#include "../bench.h"

enum { RAW, ZLIB, GZIP };
static inline int peer_packed(bench *b, size_t n) {
    b->peer_packed = n;
    return n == 0;
}
static inline int peer_unpacks(bench *b, int kind) {
    const size_t want = bench_bytes(&b->in), n = b->peer_packed;
    const void *src = b->aux[1].data;
    size_t used = 0, made = 0;
    mv_gzip_info info;
    mv_status st = MEDVOL_E_NOMEM;
    void *back = malloc(want);
    int wrong;
    if (back && kind == GZIP) {
        st = mv_gzip_unpack(b->ctx, back, want, src, n, &info);
        made = (size_t)info.dst_n, used = (size_t)info.src_n;
    } else if (back && kind == ZLIB) st = mv_inflate_zlib(b->ctx, back, want, src, n, &used, &made);
    else if (back) st = mv_inflate(b->ctx, back, want, src, n, &used, &made);
    wrong = st < 0 || used != n || made != want || memcmp(back, b->in.data, want) != 0;
    free(back);
    return wrong;
}
static inline int check_raw(bench *b) { return peer_unpacks(b, RAW); }
static inline int check_zlib(bench *b) { return peer_unpacks(b, ZLIB); }
static inline int check_gzip(bench *b) { return peer_unpacks(b, GZIP); }
#endif
