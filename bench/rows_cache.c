/* rows_cache.c - LZ4 blocks and byte shuffles of the voxels of a noisy head; blocks and volumes into a cache
   and out of it; files through one, and lists of files prepared ahead. */
#define BENCH_MARK_CALLS
#include "bench.h"

static size_t size(const bench *b) { return bench_bytes(&b->in); }
static size_t unit(const bench *b) { return mv_dtype_size(b->in.dtype); }
static double byte_of_in(const bench *b, size_t i) { return ((const unsigned char *)b->in.data)[i]; }
static double same(const bench *b, size_t i) { return bench_value(&b->in, i); }

/* ---- LZ4: the data are voxels as they are (i16), and shuffled (f32): aux[0]; aux[1] is the block ---- */
static mv_status turned(bench *b) {
    mv_status st = bench_room(b, &b->aux[0], size(b));
    if (st >= 0)
        st = mv_byte_shuffle(b->ctx, b->aux[0].data,
            b->in.data, size(b), b->in.dtype == MEDVOL_I16 ? 1 : unit(b));
    return st < 0 ? st : bench_room(b, &b->aux[1], mv_lz4_bound(size(b)));
}
static mv_status compress(bench *b) {
    const size_t room = mv_lz4_bound(size(b));
    return mv_lz4_compress(b->ctx, b->aux[1].data, room, b->aux[0].data, size(b), &b->packed);
}
static int check_block(bench *b) {
    void *back = malloc(size(b));
    size_t made = 0;
    int bad = !back || mv_lz4_decompress(b->ctx, back, size(b), b->aux[1].data, b->packed, &made) < 0 ||
        made != size(b) || memcmp(back, b->aux[0].data, made) != 0;
    free(back);
    return bad;
}
static mv_status block(bench *b) {
    mv_status st = turned(b);
    size_t made = 0;
    void *room = malloc(mv_lz4_bound(size(b)));
    if (!room) st = MEDVOL_E_NOMEM;
    if (st >= 0) st = mv_lz4_compress(b->ctx, room, mv_lz4_bound(size(b)), b->aux[0].data, size(b), &made);
    if (st >= 0) st = bench_room(b, &b->aux[1], made);
    if (st >= 0) memcpy(b->aux[1].data, room, made);
    free(room);
    return st < 0 ? st : bench_room(b, &b->out, size(b));
}
static mv_status decompress(bench *b) {
    size_t made;
    return mv_lz4_decompress(b->ctx, b->out.data, size(b), b->aux[1].data, b->aux[1].dim[0], &made);
}
static double want_turned(const bench *b, size_t i) { return ((const unsigned char *)b->aux[0].data)[i]; }

/* ---- shuffles ---- */
static mv_status out_room(bench *b) { return bench_room(b, &b->out, size(b)); }
static mv_status shuffle(bench *b) { return mv_byte_shuffle(b->ctx, b->out.data, b->in.data, size(b),
    unit(b)); }
static double want_shuffled(const bench *b, size_t i) {
    const size_t count = mv_volume_count(&b->in);
    return byte_of_in(b, i % count * unit(b) + i / count);
}
static mv_status unshuffle_setup(bench *b) {
    mv_status st = bench_room(b, &b->aux[0], size(b));
    if (st >= 0) st = mv_byte_shuffle(b->ctx, b->aux[0].data, b->in.data, size(b), unit(b));
    return st < 0 ? st : out_room(b);
}
static mv_status unshuffle(bench *b) {
    return mv_byte_unshuffle(b->ctx, b->out.data, b->aux[0].data, size(b), unit(b));
}

/* ---- the cache ---- */
static mv_status opened(bench *b, int compress) {
    mv_cache_opt o = {0};
    mv_cache *c = NULL;
    mv_status st;
    o.max_bytes = 3 * size(b) + ((size_t)1 << 20);
    o.compress = compress, o.compress_from = 1;
    st = mv_cache_open(b->ctx, &c, &o);
    b->own = c;
    if (st >= 0) st = mv_cache_put(b->ctx, c, "head", 4, b->in.data, size(b), unit(b));
    if (st >= 0) st = mv_cache_put_volume(b->ctx, c, "volume", 6, &b->in);
    return st < 0 ? st : out_room(b);
}
static mv_status plain(bench *b) { return opened(b, MEDVOL_CACHE_RAW); }
static mv_status packed(bench *b) { return opened(b, MEDVOL_CACHE_LZ4); }
static void closed(bench *b) {
    mv_cache_close(b->ctx, (mv_cache *)b->own);
    b->own = NULL;
}
static mv_status put(bench *b) {
    return mv_cache_put(b->ctx, (mv_cache *)b->own, "head", 4, b->in.data, size(b), unit(b));
}
static mv_status get(bench *b) {
    return mv_cache_get(b->ctx, (mv_cache *)b->own, "head", 4, b->out.data, size(b), NULL);
}
static int check_put(bench *b) { return get(b) < 0 || memcmp(b->out.data, b->in.data, size(b)) != 0; }
static mv_status get_volume(bench *b) { return mv_cache_get_volume(b->ctx, (mv_cache *)b->own, "volume", 6,
    &b->out); }
static mv_status volume_setup(bench *b) {
    mv_status st = plain(b);
    mv_volume_free(b->ctx, &b->out);
    return st;
}
static mv_status lend(bench *b) { /* without a copy: the first byte and the last */
    const void *p = NULL;
    size_t n = 0;
    mv_status st = mv_cache_pin(b->ctx, (mv_cache *)b->own, "head", 4, &p, &n);
    b->numbers = 2;
    if (st >= 0) b->number[0] = (double)((const unsigned char *)p)[0], b->number[1] = (double)n;
    return st < 0 ? st : mv_cache_unpin(b->ctx, (mv_cache *)b->own, "head", 4);
}
static double want_lent(const bench *b, size_t i) { return i == 0 ? byte_of_in(b, 0) : (double)size(b); }
static mv_status small(bench *b) { /* a cache of small blocks, from its opening to its end */
    mv_cache *c = NULL;
    mv_cache_opt o = {0};
    mv_cache_stats s;
    unsigned i, got, bad = 0;
    mv_status st;
    o.max_bytes = 64 * (MEDVOL_CACHE_ENTRY + 8), o.max_entries = 100;
    st = mv_cache_open(b->ctx, &c, &o);
    for (i = 0; i < 100 && st >= 0; i++) st = mv_cache_put(b->ctx, c, &i, sizeof i, &i, sizeof i, 0);
    for (i = 36; i < 100 && st >= 0; i++) {
        st = mv_cache_get(b->ctx, c, &i, sizeof i, &got, sizeof got, NULL);
        bad += got != i;
    }
    if (st >= 0) i = 50, st = mv_cache_remove(b->ctx, c, &i, sizeof i);
    if (st >= 0) st = mv_cache_get_stats(b->ctx, c, &s);
    b->numbers = 4;
    if (st >= 0) {
        b->number[0] = (double)s.entries, b->number[1] = (double)s.evictions;
        b->number[2] = (double)s.hits, b->number[3] = bad;
        st = mv_cache_clear(b->ctx, c);
    }
    mv_cache_close(b->ctx, c);
    return st;
}
static double want_small(const bench *b,
    size_t i) { return (void)b, i == 0 ? 63 : i == 1 ? 36 : i == 2 ? 64 : 0; }
static mv_status put_volume(bench *b) { return mv_cache_put_volume(b->ctx, (mv_cache *)b->own, "volume", 6,
    &b->in); }
static int check_put_volume(bench *b) {
    mv_volume_free(b->ctx, &b->out);
    return get_volume(b) < 0 || memcmp(b->out.data, b->in.data, size(b)) != 0;
}

/* ---- files ---- */
static mv_status file_setup(bench *b) {
    mv_save_opt o = {0};
    mv_status st = volume_setup(b);
    o.no_sync = 1, o.level = 1;
    return st < 0 ? st : mv_save(b->ctx, &b->in, bench_path(b, 0, ".nii.gz"), &o);
}
static mv_status load(bench *b) { return mv_load_cached(b->ctx, (mv_cache *)b->own, &b->out, b->path[0],
    NULL); }
enum { LIST = 4 };
static mv_status list_setup(bench *b) {
    mv_save_opt o = {0};
    o.no_sync = 1, o.level = 1;
    return mv_save(b->ctx, &b->in, bench_path(b, 0, ".nii.gz"), &o);
}
static mv_status list(bench *b) { /* the same file some times: the work is that of as many */
    const char *paths[LIST];
    mv_loader_opt o = {0};
    mv_loader_item it;
    mv_loader *l = NULL;
    mv_status st;
    int i;
    for (i = 0; i < LIST; i++) paths[i] = b->path[0];
    o.normalise = MEDVOL_LOADER_RESCALE, o.lo = -1, o.hi = 1, o.stop = 1;
    st = mv_loader_open(b->ctx, &l, paths, LIST, &o);
    do if (st >= 0) st = mv_loader_next(b->ctx, l, &b->out, &it); while (st >= 0 && !it.done);
    mv_loader_close(b->ctx, l);
    return st;
}
static int check_list(bench *b) {
    mv_volume v = {0};
    int bad = mv_rescale(b->ctx, &v, &b->in, -1, 1, NULL) < 0 || v.dtype != b->out.dtype ||
        memcmp(v.data, b->out.data, mv_volume_count(&v) * mv_dtype_size(v.dtype)) != 0;
    mv_volume_free(b->ctx, &v);
    return bad;
}

const bench_row rows_cache[] = {
    {"lz4 compress", MEDVOL_I16, compress, .check = check_block, .floor = "r", .setup = turned},
    {"lz4 compress", MEDVOL_F32, compress, .check = check_block, .floor = "r", .setup = turned},
    {"lz4 decompress", MEDVOL_I16, decompress, want_turned, .floor = "w", .setup = block},
    {"lz4 decompress", MEDVOL_F32, decompress, want_turned, .floor = "w", .setup = block},
    {"byte shuffle", MEDVOL_I16, shuffle, want_shuffled, .floor = "c", .setup = out_room},
    {"byte shuffle", MEDVOL_F32, shuffle, want_shuffled, .floor = "c", .setup = out_room},
    {"byte shuffle", MEDVOL_F64, shuffle, want_shuffled, .floor = "c", .setup = out_room},
    {"byte unshuffle", MEDVOL_I16, unshuffle, byte_of_in, .floor = "c", .setup = unshuffle_setup},
    {"byte unshuffle", MEDVOL_F32, unshuffle, byte_of_in, .floor = "c", .setup = unshuffle_setup},
    {"byte unshuffle", MEDVOL_F64, unshuffle, byte_of_in, .floor = "c", .setup = unshuffle_setup},
    {"cache put", MEDVOL_F32, put, .check = check_put, .floor = "c", .setup = plain, .done = closed},
    {"cache put, lz4", MEDVOL_I16, put, .check = check_put, .floor = "r", .setup = packed, .done = closed},
    {"cache get", MEDVOL_F32, get, byte_of_in, .floor = "c", .setup = plain, .done = closed},
    {"cache get, lz4", MEDVOL_I16, get, byte_of_in, .floor = "w", .setup = packed, .done = closed},
    {"cache put a volume", MEDVOL_F32, put_volume, .check = check_put_volume, .floor = "c", .setup = plain,
        .done = closed},
    {"cache get a volume", MEDVOL_F32, get_volume, same, .floor = "c", .setup = volume_setup, .done = closed},
    {"cache lend", MEDVOL_F32, lend, want_lent, .setup = plain, .done = closed},
    {"cache, 100 small blocks", MEDVOL_F32, small, want_small, .most = 1},
    {"load nii.gz, cached", MEDVOL_I16, load, same, .floor = "c", .setup = file_setup, .done = closed},
    {"loader, 4 files", MEDVOL_I16, list, .check = check_list, .setup = list_setup},
    {0},
};
