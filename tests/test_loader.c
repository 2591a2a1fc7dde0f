/* test_loader.c - loads through a cache: the same voxels as without it, files that change, options that
   differ, pairs, hooks without times, what is not kept. */
#include "test.h"

static int64_t my_time;
static int my_mtime(void *user, void *file, int64_t *ns) { return (void)user, (void)file, *ns = my_time, 0; }
static mv_io io;
static void with_hooks(int times) { /* of the platform; times: mine */
    io = *T_FILES;
    io.mtime = times ? my_mtime : NULL;
    T->desc.io = &io;
}
static void save(const char *path, int seed, mv_dtype type) {
    const size_t dim[3] = {20, 18, 16};
    mv_save_opt o;
    mv_volume v;
    size_t i;
    memset(&o, 0, sizeof o);
    o.no_sync = 1;
    CHECK_OK(mv_volume_alloc(T, &v, MEDVOL_I16, 3, dim));
    for (i = 0; i < mv_volume_count(&v); i++) ((int16_t *)v.data)[i] = (int16_t)((int)i % 500 + seed);
    o.dtype = type;
    CHECK_OK(mv_save(T, &v, path, &o));
    mv_volume_free(T, &v);
}
static mv_cache_stats of(mv_cache *c) {
    mv_cache_stats s;
    CHECK_OK(mv_cache_get_stats(T, c, &s));
    return s;
}
static int same(const mv_volume *a, const mv_volume *b) {
    return a->dtype == b->dtype && a->ndim == b->ndim && !memcmp(a->dim, b->dim, sizeof a->dim) &&
        !memcmp(a->affine, b->affine, sizeof a->affine) && a->slope == b->slope && a->inter == b->inter &&
        !memcmp(a->data, b->data, mv_volume_count(a) * mv_dtype_size(a->dtype)) && !a->nifti == !b->nifti;
}
static void check(mv_cache *c, const char *path, const mv_load_opt *o, unsigned hits) {
    mv_volume a = {0}, b = {0};
    CHECK_OK(mv_load(T, &a, path, o));
    CHECK_OK(mv_load_cached(T, c, &b, path, o));
    CHECK(same(&a, &b) && of(c).hits == hits);
    mv_volume_free(T, &a);
    mv_volume_free(T, &b);
}
static void test_load(void) {
    const char *path = t_path("cached.nii.gz");
    mv_cache_opt co;
    mv_cache *c;
    mv_load_opt o;
    mv_volume f = {0}, g = {0};
    memset(&o, 0, sizeof o);
    memset(&co, 0, sizeof co);
    co.compress = MEDVOL_CACHE_LZ4, co.compress_from = 1000;
    CHECK_OK(mv_cache_open(T, &c, &co));
    save(path, 0, MEDVOL_NONE);
    check(c, path, NULL, 0);
    check(c, path, NULL, 1);
    check(c, path, &o, 2); /* no options and none of them set are the same */
    CHECK(of(c).packed < of(c).raw);
    o.dtype = MEDVOL_F32;
    check(c, path, &o, 2);
    check(c, path, &o, 3);
    o.crop = 2, o.start[0] = 3, o.start[1] = 2, o.size[0] = 9, o.size[1] = 10;
    check(c, path, &o, 3);
    check(c, path, &o, 4);
    o.start[1] = 3;
    check(c, path, &o, 4);
    o.start[5] = 99; /* of no axis that is cropped */
    check(c, path, &o, 5);
    o.verify = 1;
    check(c, path, &o, 5);
    T->desc.strict = 1;
    check(c, path, &o, 5);
    T->desc.strict = 0;
    /* the type of a destination is one, too */
    CHECK_OK(mv_volume_alloc(T, &f, MEDVOL_F32, 3, (const size_t[3]){20, 18, 16}));
    CHECK_OK(mv_load_cached(T, c, &f, path, NULL));
    CHECK(of(c).hits == 5 && ((float *)f.data)[77] == 77.0f);
    memset(f.data, 0, 400);
    CHECK_OK(mv_load_cached(T, c, &f, path, NULL));
    CHECK(of(c).hits == 6 && ((float *)f.data)[77] == 77.0f);
    mv_volume_free(T, &f);
    CHECK_OK(mv_volume_alloc(T, &f, MEDVOL_I16, 3, (const size_t[3]){20, 18, 15}));
    CHECK_STATUS(mv_load_cached(T, c, &f, path, NULL), MEDVOL_E_SHAPE);
    mv_volume_free(T, &f);
    CHECK_STATUS(mv_load_cached(T, c, &g, t_path("is-not-there.nii"), NULL), MEDVOL_E_NOTFOUND);
    o.crop = 8;
    CHECK_STATUS(mv_load_cached(T, c, &g, path, &o), MEDVOL_E_RANGE);
    o.crop = 0, o.img = &o;
    CHECK_STATUS(mv_load_cached(T, c, &g, path, &o), MEDVOL_E_RANGE);
    CHECK_STATUS(mv_load_cached(T, NULL, &g, path, NULL), MEDVOL_E_NULL);
    CHECK_STATUS(mv_load_cached(T, c, NULL, path, NULL), MEDVOL_E_NULL);
    CHECK_STATUS(mv_load_cached(T, c, &g, NULL, NULL), MEDVOL_E_NULL);
    CHECK(!g.data);
    mv_cache_close(T, c);
    co.max_bytes = 2000; /* too small for any: loads all the same, and says nothing */
    co.compress = 0;
    CHECK_OK(mv_cache_open(T, &c, &co));
    T->error.code = MEDVOL_OK, T->error.text[0] = 0;
    check(c, path, NULL, 0);
    check(c, path, NULL, 0);
    CHECK(of(c).entries == 0 && of(c).refusals == 2 && !mv_message(T)[0]);
    mv_cache_close(T, c);
    remove(path);
}
static void test_changes(void) {
    const char *path = t_path("changes.nii");
    mv_cache *c;
    mv_volume v = {0};
    CHECK_OK(mv_cache_open(T, &c, NULL));
    with_hooks(1);
    save(path, 0, MEDVOL_NONE);
    my_time = 1;
    check(c, path, NULL, 0);
    check(c, path, NULL, 1);
    save(path, 5, MEDVOL_NONE); /* as long, other voxels */
    my_time = 2;
    check(c, path, NULL, 1);
    check(c, path, NULL, 2);
    save(path, 6, MEDVOL_F32); /* longer, at the same time */
    check(c, path, NULL, 2);
    my_time = 1; /* an old time is another time */
    check(c, path, NULL, 2);
    with_hooks(0); /* without times the size alone tells */
    check(c, path, NULL, 2);
    check(c, path, NULL, 3);
    save(path, 7, MEDVOL_F32);
    CHECK_OK(mv_load_cached(T, c, &v, path, NULL));
    CHECK(of(c).hits == 4 && ((float *)v.data)[0] == 6.0f);
    mv_volume_free(T, &v);
    save(path, 7, MEDVOL_I16);
    check(c, path, NULL, 4);
    T->desc.io = T_IO;
    mv_cache_close(T, c);
    remove(path);
}
static int flips;
static int unsteady(void *user, void *file, int64_t *ns) { return (void)user, (void)file, *ns = flips++, 0; }
/* NOLINTNEXTLINE(readability-non-const-parameter): a hook */
static int broken(void *user, void *file, int64_t *ns) {
    return (void)user, (void)file, (void)ns, MEDVOL_E_IO;
}
static void test_unsteady(void) { /* what changes while it is read is not kept; nor what has no time */
    const char *path = t_path("unsteady.nii");
    mv_cache *c;
    CHECK_OK(mv_cache_open(T, &c, NULL));
    save(path, 0, MEDVOL_NONE);
    with_hooks(1);
    io.mtime = unsteady;
    check(c, path, NULL, 0);
    check(c, path, NULL, 0);
    io.mtime = broken;
    check(c, path, NULL, 0);
    CHECK(of(c).entries == 0);
    T->desc.io = T_IO;
    mv_cache_close(T, c);
    remove(path);
}
static void test_platform(void) { /* its own times */
    const mv_io *files = mv_io_default();
    const char *path = t_path("timed.nii");
    int64_t first = 0, second = 0;
    void *file;
    if (!files || !files->mtime) {
        t_skip("files without times");
        return;
    }
    save(path, 0, MEDVOL_NONE);
    CHECK(files->open(files->user, path, MEDVOL_IO_READ, &file) == 0);
    CHECK(files->mtime(files->user, file, &first) == 0 && files->mtime(files->user, file, &second) == 0);
    files->close(files->user, file);
    CHECK(first == second && first > (int64_t)1500000000 * 1000000000); /* since 1970 where we know them */
    remove(path);
}
static void test_pairs(void) {
    const char *hdr = t_path("two.hdr"), *img = t_path("two.img"), *cfl = t_path("bart.cfl"), *name =
        t_path("bart");
    mv_cache *c;
    unsigned hits;
    mv_volume v = {0};
    CHECK_OK(mv_cache_open(T, &c, NULL));
    save(hdr, 0, MEDVOL_NONE);
    check(c, hdr, NULL, 0);
    check(c, hdr, NULL, 1);
    check(c, img, NULL, 1); /* another path */
    check(c, img, NULL, 2);
    {   /* one part of it changes: its length does */
        FILE *f = fopen(img, "ab");
        CHECK(f && fputc(0, f) == 0);
        if (f) fclose(f);
    }
    hits = (unsigned)of(c).hits;
    check(c, hdr, NULL, hits);
    check(c, img, NULL, hits);
    save(cfl, 0, MEDVOL_NONE);
    check(c, name, NULL, hits);
    check(c, name, NULL, hits + 1);
    check(c, cfl, NULL, hits + 1);
    mv_volume_free(T, &v);
    mv_cache_close(T, c);
    remove(hdr);
    remove(img);
    remove(cfl);
    remove(t_path("bart.hdr"));
}

/* ---- files ahead ---- */
enum { FILES = 7 };
static char names[FILES][700];
static const char *paths[FILES];
static void some_files(void) { /* number 3 is none, the others differ in value and two in shape */
    size_t k;
    for (k = 0; k < FILES; k++) {
        char name[32];
        sprintf(name, "ahead%d.nii", (int)k);
        strcpy(names[k], t_path(name));
        paths[k] = names[k];
        if (k != 3) save(paths[k], (int)(100 * k), MEDVOL_NONE);
    }
}
static void no_files(void) {
    size_t k;
    for (k = 0; k < FILES; k++) remove(paths[k]);
}
/* all of a loader's items: hashed voxels by place, the order of files; the number of items */
static size_t all_of(const mv_loader_opt *o, uint32_t *sum, size_t *file) {
    mv_loader *l = NULL;
    mv_loader_item it;
    mv_volume v = {0};
    size_t n = 0;
    CHECK_OK(mv_loader_open(T, &l, paths, FILES, o));
    for (;;) {
        CHECK_OK(mv_loader_next(T, l, &v, &it));
        CHECK(it.at == n);
        if (it.done) break;
        CHECK(it.epoch == n / FILES && it.file < FILES && (it.status == MEDVOL_OK) == (it.file != 3));
        if (it.status < 0) CHECK(it.status == MEDVOL_E_NOTFOUND && !v.data && strstr(it.text, "ahead3"));
        else CHECK(v.data && !it.text[0]);
        sum[n] = v.data ? t_crc32(0, v.data, mv_volume_count(&v) * mv_dtype_size(v.dtype)) : 0;
        file[n++] = it.file;
    }
    CHECK_OK(mv_loader_next(T, l, &v, &it)); /* and it stays so */
    CHECK(it.done && it.at == n);
    mv_volume_free(T, &v);
    mv_loader_close(T, l);
    return n;
}
static void test_ahead(void) {
    mv_loader_opt o;
    mv_load_opt load;
    uint32_t sum[3 * FILES], want[FILES];
    size_t file[3 * FILES], k, d;
    int how, count[FILES];
    some_files();
    memset(&o, 0, sizeof o);
    memset(&load, 0, sizeof load);
    load.crop = 1, load.start[0] = 2, load.size[0] = 16;
    o.load = &load;
    for (how = 0; how < 3; how++) { /* by hand: load, cut and pad, normalise */
        const size_t shape[3] = {12, 18, 21};
        o.normalise = how, o.shape[0] = 12, o.shape[1] = 0, o.shape[2] = 21;
        o.lo = how == 2 ? -1 : 0, o.hi = how == 2 ? 3 : 0, o.shuffle = 0, o.epochs = 1;
        for (k = 0; k < FILES; k++) {
            mv_volume v = {0};
            want[k] = 0;
            if (k == 3) continue;
            CHECK_OK(mv_load(T, &v, paths[k], &load));
            CHECK_OK(mv_crop_or_pad(T, &v, &v, shape, NULL));
            if (how == 1) CHECK_OK(mv_znorm(T, &v, &v, NULL));
            if (how == 2) CHECK_OK(mv_rescale(T, &v, &v, -1, 3, NULL));
            want[k] = t_crc32(0, v.data, mv_volume_count(&v) * mv_dtype_size(v.dtype));
            mv_volume_free(T, &v);
        }
        for (o.queue = 0; o.queue < 9; o.queue += 2) {
            CHECK(all_of(&o, sum, file) == FILES);
            for (k = 0; k < FILES; k++) CHECK(file[k] == k && sum[k] == want[k]);
        }
        o.queue = 0, o.shuffle = 1, o.epochs = 3, o.seed = 42;
        CHECK(all_of(&o, sum, file) == 3 * FILES);
        for (d = 0; d < 3; d++) { /* each file once in each epoch */
            memset(count, 0, sizeof count);
            for (k = d * FILES; k < (d + 1) * FILES; k++) {
                count[file[k]]++;
                CHECK(sum[k] == want[file[k]]);
            }
            for (k = 0; k < FILES; k++) CHECK(count[k] == 1);
        }
        CHECK(memcmp(file, file + FILES, FILES * sizeof *file) != 0);
    }
    {   /* the order is one for all machines: Fisher and Yates by the harness's splitmix64 */
        size_t order[FILES], at;
        for (k = 0; k < FILES; k++) order[k] = k;
        t_seed(42);
        for (k = FILES; k > 1; k--) {
            at = t_bits() % k;
            d = order[at], order[at] = order[k - 1], order[k - 1] = d;
        }
        CHECK(!memcmp(order, file, sizeof order));
    }
    no_files();
}
static int stop_now(void *user, double done, double total, const char *label) {
    return (void)done, (void)total, (void)label, *(int *)user;
}
static void test_ahead_bad(void) {
    mv_loader_opt o;
    mv_loader *l = NULL;
    mv_loader_item it;
    mv_volume v = {0};
    const char *none[2] = {NULL, NULL};
    int stop = 1;
    memset(&o, 0, sizeof o);
    CHECK_STATUS(mv_loader_open(T, NULL, paths, 1, NULL), MEDVOL_E_NULL);
    CHECK_STATUS(mv_loader_open(T, &l, NULL, 1, NULL), MEDVOL_E_NULL);
    CHECK_STATUS(mv_loader_open(T, &l, paths, 0, NULL), MEDVOL_E_SIZE);
    CHECK_STATUS(mv_loader_open(T, &l, paths, SIZE_MAX, NULL), MEDVOL_E_SIZE);
    o.normalise = 3;
    CHECK_STATUS(mv_loader_open(T, &l, paths, 1, &o), MEDVOL_E_RANGE);
    o.normalise = 2, o.lo = 1, o.hi = NAN;
    CHECK_STATUS(mv_loader_open(T, &l, paths, 1, &o), MEDVOL_E_RANGE);
    o.hi = 1;
    CHECK_STATUS(mv_loader_open(T, &l, paths, 1, &o), MEDVOL_E_RANGE);
    CHECK(!l);
    some_files();
    memset(&o, 0, sizeof o);
    o.stop = 1;
    CHECK_OK(mv_loader_open(T, &l, paths + 2, 3, &o));
    CHECK_STATUS(mv_loader_next(T, NULL, &v, &it), MEDVOL_E_NULL);
    CHECK_STATUS(mv_loader_next(T, l, NULL, &it), MEDVOL_E_NULL);
    CHECK_STATUS(mv_loader_next(T, l, &v, NULL), MEDVOL_E_NULL);
    T->desc.progress = stop_now, T->desc.progress_user = &stop;
    CHECK_STATUS(mv_loader_next(T, l, &v, &it), MEDVOL_E_CANCELLED);
    stop = 0;
    CHECK_OK(mv_loader_next(T, l, &v, &it));
    CHECK(it.file == 0 && v.data && ((int16_t *)v.data)[0] == 200);
    CHECK_STATUS(mv_loader_next(T, l, &v, &it), MEDVOL_E_NOTFOUND);
    CHECK(it.file == 1 && it.status == MEDVOL_E_NOTFOUND && !v.data && strstr(mv_message(T), "ahead3"));
    CHECK_OK(mv_loader_next(T, l, &v, &it));
    CHECK(it.file == 2 && v.data && ((int16_t *)v.data)[0] == 400);
    T->desc.progress = NULL;
    mv_loader_close(T, l);
    CHECK_OK(mv_loader_open(T, &l, none, 2, NULL));
    CHECK_OK(mv_loader_next(T, l, &v, &it));
    CHECK(it.status == MEDVOL_E_NULL && it.text[0] && !v.data);
    mv_loader_close(T, l); /* with a file ahead */
    mv_loader_close(T, NULL);
    no_files();
}
#ifndef MEDVOL_NO_STDIO
static void test_pool(void) { /* a context that has malloc: side by side; the same voxels */
    mv_loader_opt o;
    uint32_t one[FILES], many[FILES];
    size_t file[FILES], k;
    mv_ctx *was = T, pool;
    mv_ctx_desc desc;
    some_files();
    memset(&o, 0, sizeof o);
    o.normalise = MEDVOL_LOADER_ZNORM;
    CHECK(all_of(&o, one, file) == FILES);
    memset(&desc, 0, sizeof desc);
    for (desc.threads = 1; desc.threads < 6; desc.threads++)
        for (o.queue = 0; o.queue < 5; o.queue++) {
            CHECK_OK(mv_ctx_init(&pool, &desc));
            T = &pool;
            CHECK(all_of(&o, many, file) == FILES);
            for (k = 0; k < FILES; k++) CHECK(file[k] == k && many[k] == one[k]);
            mv_ctx_free(&pool);
            T = was;
        }
    {   /* cancelled half-way and begun again; closed with files ahead */
        mv_loader *l = NULL;
        mv_loader_item it;
        mv_volume v = {0};
        int stop = 1;
        desc.threads = 3, o.queue = 5;
        CHECK_OK(mv_ctx_init(&pool, &desc));
        CHECK_OK(mv_loader_open(&pool, &l, paths, FILES, &o));
        pool.desc.progress = stop_now, pool.desc.progress_user = &stop;
        CHECK_STATUS(mv_loader_next(&pool, l, &v, &it), MEDVOL_E_CANCELLED);
        stop = 0;
        CHECK_OK(mv_loader_next(&pool, l, &v, &it));
        CHECK(it.at == 0 && it.status == MEDVOL_OK && v.data);
        mv_volume_free(&pool, &v);
        mv_loader_close(&pool, l);
        mv_ctx_free(&pool);
    }
    no_files();
}
#else
static void test_pool(void) { t_skip("no files of the platform"); }
#endif

const t_case tests_loader[] = {
    {"ahead", test_ahead, 0},
    {"ahead_bad", test_ahead_bad, 0},
    {"pool", test_pool, T_ONCE},
    {"load", test_load, 0},
    {"changes", test_changes, T_ONCE},
    {"unsteady", test_unsteady, T_ONCE},
    {"platform", test_platform, T_ONCE},
    {"pairs", test_pairs, T_ONCE},
    {0},
};
