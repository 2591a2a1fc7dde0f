/* profile_cache - a cache bounded in bytes: blocks and volumes in, out, lent, plain and compressed.

   Build:  cc -O2 examples/profile_cache.c -lm -lpthread -o profile_cache
   Run:    ./profile_cache 256 20
   Shows:  that a hit costs a copy, a loan nothing, and that bytes of one place side by side make voxels
           compress, which holds twice as many of them in the same memory. */
#include "example.h"

static void profile_cache_of(ex *e, const mv_volume *head, int compress) {
    mv_cache_opt o;
    mv_cache_stats s;
    mv_cache *cache = NULL;
    mv_volume v;
    const void *lent = NULL;
    const double b = ex_bytes(head);
    const size_t n = (size_t)b;
    char name[80];

    memset(&o, 0, sizeof o);
    memset(&v, 0, sizeof v);
    o.max_bytes = 4 * n + ((size_t)1 << 20);
    o.compress = compress;
    EX_OK(mv_cache_open(&e->ctx, &cache, &o));
    EX_OK(mv_cache_put_volume(&e->ctx, cache, "head", 4, head));
    EX_OK(mv_cache_get_volume(&e->ctx, cache, "head", 4, &v));
    EX_EXPECT(e, !memcmp(v.data, head->data, n), "cache: what comes out is what went in");
    EX_OK(mv_cache_get_stats(&e->ctx, cache, &s));
    EX_EXPECT(e, s.stored <= o.max_bytes && s.entries == 1 && s.hit_rate == 1.0, "cache: one entry, one hit");
    snprintf(name, sizeof name, compress ? "put, lz4: %.0f %% of the bytes" : "put",
        100.0 * (double)s.packed / (double)s.raw);
    for (ex_begin(e, name, head, compress ? b : 0, compress ? 0 : b, 0, 0); ex_more(e);)
        EX_OK(mv_cache_put_volume(&e->ctx, cache, "head", 4, head));
    for (ex_begin(e, compress ? "get, lz4" : "get",
        head, 0, compress ? 0 : b, 0, compress ? b : 0); ex_more(e);)
        EX_OK(mv_cache_get_volume(&e->ctx, cache, "head", 4, &v));
    if (!compress) {
        EX_OK(mv_cache_put(&e->ctx, cache, "block", 5, head->data, n, mv_dtype_size(head->dtype)));
        for (ex_begin_still(e, "borrow, give back", head); ex_more(e);) {
            EX_OK(mv_cache_pin(&e->ctx, cache, "block", 5, &lent, NULL));
            ex_sink = ((const unsigned char *)lent)[0];
            EX_OK(mv_cache_unpin(&e->ctx, cache, "block", 5));
        }
    }
    mv_volume_free(&e->ctx, &v);
    mv_cache_close(&e->ctx, cache);
}
static void profile_cache(ex *e) {
    mv_volume head;
    ex_input(e, &head, MEDVOL_I16);
    profile_cache_of(e, &head, MEDVOL_CACHE_RAW);
    profile_cache_of(e, &head, MEDVOL_CACHE_LZ4);
    mv_volume_free(&e->ctx, &head);
}
EX_PROFILER(profile_cache, "a cache of volumes: in, out, lent, compressed")
