/* fuzz_gzip.c - libFuzzer target: raw, zlib and gzip decoding, the reader in odd steps, the member index, and
   round trips. clang -g -O1 -fsanitize=fuzzer,address,undefined -I. tests/fuzz/fuzz_gzip.c -lm -lpthread -o
   build/fuzz_gzip */
#define MEDVOL_IMPLEMENTATION
#define MEDVOL_NO_IO
#define MEDVOL_NO_INTENSITY
#define MEDVOL_NO_SPATIAL
#define MEDVOL_NO_RESAMPLE
#include "medvol.h"
#include "fuzz.h"

typedef struct {
    const uint8_t *p;
    size_t n, at, step;
} source;
static ptrdiff_t give(void *user, void *dst, size_t n) {
    source *s = (source *)user;
    size_t k = s->n - s->at < s->step ? s->n - s->at : s->step;
    if (k > n) k = n;
    if (k) memcpy(dst, s->p + s->at, k);
    s->at += k;
    return (ptrdiff_t)k;
}

static void decode(mv_ctx *ctx, const uint8_t *p, size_t n, size_t step) {
    size_t cap = 1 << 18, made = 0, used = 0, got, at = 0;
    uint8_t *a = (uint8_t *)malloc(cap), *b = (uint8_t *)malloc(cap);
    mv_gzip_info ia, ib;
    mv_gzip_reader *r;
    mv_gzip_index x;
    mv_status sa, sb;
    source s;
    MUST(a && b);
    (void)mv_inflate(ctx, a, cap, p, n, &used, &made);
    MUST(used <= n && made <= cap);
    (void)mv_inflate_zlib(ctx, a, cap, p, n, &used, &made);
    sa = mv_gzip_unpack(ctx, a, cap, p, n, &ia);
    s.p = p; s.n = n; s.at = 0; s.step = 1 + step % 4096;
    MUST(mv_gzip_open(ctx, &r, give, &s) == MEDVOL_OK);
    do {
        size_t want = 1 + (at * 7 + step) % 150000;
        if (want > cap - at) want = cap - at;
        sb = mv_gzip_read(ctx, r, b + at, want, &got);
        at += got;
        if (got < want) break;
    } while (sb == MEDVOL_OK && at < cap);
    if (sb == MEDVOL_OK) sb = mv_gzip_finish(ctx, r, 1 << 20, &ib);
    if (sa == MEDVOL_OK)
        MUST(sb == MEDVOL_OK && ia.dst_n == ib.dst_n && ia.members == ib.members && ia.tail_n == ib.tail_n &&
            !memcmp(a, b, at));
    else if (sa != MEDVOL_E_SPACE) MUST(sb == sa);
    mv_gzip_close(ctx, r);
    if (mv_gzip_index_mem(ctx, &x, p, n) == MEDVOL_OK && x.count) {
        uint64_t from = step % (x.dst_n + 1), to = x.dst_n - from > cap ? from + cap : x.dst_n;
        (void)mv_gzip_index_unpack(ctx, &x, a, from, to, p, n);
    }
    mv_gzip_index_free(ctx, &x);
    free(a);
    free(b);
}
static void round_trip(mv_ctx *ctx, const uint8_t *p, size_t n, unsigned pick) {
    mv_gzip_opt o;
    size_t cap, made, used, got;
    uint8_t *z, *back = (uint8_t *)malloc(n ? n : 1);
    mv_gzip_info info;
    memset(&o, 0, sizeof o);
    o.container = (int)(pick & 3);
    o.level = (int)(pick >> 2 & 7) + (int)(pick >> 5 & 1);
    o.member = 100 + pick % 1000;
    o.align = pick >> 6 & 1 ? 77 : 0;
    o.head = pick >> 7 & 1 ? 50 : 0;
    cap = mv_gzip_bound(n, &o);
    z = (uint8_t *)malloc(cap);
    MUST(z && back);
    MUST(mv_gzip_pack(ctx, z, cap, p, n, &o, &made) == MEDVOL_OK);
    MUST(mv_gzip_unpack(ctx, back, n, z, made, &info) == MEDVOL_OK && info.dst_n == n &&
        (n == 0 || !memcmp(back, p, n)));
    cap = mv_deflate_bound(n);
    z = (uint8_t *)realloc(z, cap);
    MUST(mv_deflate(ctx, z, cap, p, n, o.level, &made) == MEDVOL_OK);
    MUST(mv_inflate(ctx, back, n, z, made, &used, &got) == MEDVOL_OK && used == made && got == n &&
        (n == 0 || !memcmp(back, p, n)));
    free(z);
    free(back);
}
extern int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static mv_ctx serial, pool;
    static int ready;
    mv_ctx *ctx;
    if (!ready) {
        mv_ctx_desc d;
        memset(&d, 0, sizeof d);
        d.threads = 2;
        MUST(mv_ctx_init(&pool, &d) == MEDVOL_OK);
        ready = 1;
    }
    if (size < 3) return 0;
    mv_level_force(1 + data[0] % 4);
    ctx = data[0] & 4 ? &pool : &serial;
    if (data[0] & 8) round_trip(ctx, data + 3, size - 3, data[1]);
    else decode(ctx, data + 3, size - 3, data[1] + 256u * data[2]);
    return 0;
}
