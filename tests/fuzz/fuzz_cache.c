/* fuzz_cache.c - any calls of a cache in any order, against a list of what each key was last given: what
   comes back is that, what is borrowed stays, the budget holds; loads through it, of files that change, and
   lists of files. p[1]: level, 4: compressed, 8: entries that expire; then a tape. */
#include "fuzz.h"

enum { KEYS = 12, MOST = 700 };
static struct {
    int put, pins; /* put: it may be there */
    size_t n;
    unsigned value;
    const void *lent;
} item[KEYS];
static double now;
static double my_clock(void *user) { return (void)user, now; }
static int depth;
static void my_lock(void *user) {
    (void)user;
    MUST(depth++ == 0);
}
static void my_unlock(void *user) {
    (void)user;
    MUST(--depth == 0);
}

/* a file in memory, one byte of it changing with its time */
static uint8_t file_bytes[600];
static size_t file_n;
static int64_t file_time;
static int mem_open(void *user, const char *path, int mode, void **file) {
    (void)user;
    if (mode != MEDVOL_IO_READ || path[0] != 'a') return MEDVOL_E_NOTFOUND;
    *file = file_bytes;
    return 0;
}
static int mem_size(void *user, void *file,
    uint64_t *bytes) { return (void)user, (void)file, *bytes = file_n, 0; }
static int64_t mem_read(void *user, void *file, uint64_t offset, void *dst, size_t n) {
    (void)user, (void)file;
    if (offset >= file_n) return 0;
    if (n > file_n - offset) n = (size_t)(file_n - offset);
    memcpy(dst, file_bytes + offset, n);
    return (int64_t)n;
}
static int mem_close(void *user, void *file) { return (void)user, (void)file, 0; }
static int mem_mtime(void *user, void *file,
    int64_t *ns) { return (void)user, (void)file, *ns = file_time, 0; }
static mv_io hooks;

static void fill(uint8_t *b, size_t n, unsigned value) { /* half of it compresses */
    size_t i;
    for (i = 0; i < n; i++) b[i] = (uint8_t)(value + (i % 2 ? 0 : i * value >> 3));
}
static void holds(mv_ctx *c, mv_cache *x, size_t max, size_t most) {
    mv_cache_stats s;
    size_t k, pins = 0;
    MUST(mv_cache_get_stats(c, x, &s) == MEDVOL_OK);
    for (k = 0; k < KEYS; k++) pins += item[k].pins > 0;
    MUST(s.stored <= max && s.peak <= max && s.entries <= most && s.stored <= s.peak && s.pinned == pins);
    MUST(s.packed <= s.raw && s.stored >= s.packed + s.entries * MEDVOL_CACHE_ENTRY);
    MUST(s.hit_rate >= 0 && s.hit_rate <= 1 && s.corrupt == 0);
}
static void op_volume(mv_ctx *c, mv_cache *x) {
    mv_volume base, v, got;
    mv_status st;
    memset(&got, 0, sizeof got);
    memset(&base, 0, sizeof base);
    memset(&v, 0, sizeof v);
    if (fz_volume(c, &base, &v) == MEDVOL_OK) {
        st = mv_cache_put_volume(c, x, "v", 1, &v);
        if (st == MEDVOL_OK) {
            const uint64_t h = fz_hash_volume(0, &v);
            st = mv_cache_get_volume(c, x, "v", 1, &got);
            MUST(st < 0 || fz_hash_volume(0, &got) == h);
        }
        if (st < 0) fz_failed(c, st);
        if (st < 0) MUST(!got.data);
        mv_volume_free(c, &got);
    }
    mv_volume_free(c, &base);
}
static void op_load(mv_ctx *c, mv_cache *x) { /* the same as without a cache, whatever the file does */
    static const char *const paths[3] = {"a.npy", "missing.nii", "a.npy"};
    mv_volume v, w;
    mv_load_opt o;
    mv_loader *l = NULL;
    mv_loader_opt lo;
    mv_loader_item it;
    mv_status st, other;
    memset(&v, 0, sizeof v);
    memset(&w, 0, sizeof w);
    memset(&o, 0, sizeof o);
    memset(&lo, 0, sizeof lo);
    file_bytes[file_n - 1 - fz_byte() % 20] = (uint8_t)fz_byte();
    file_time++;
    o.crop = (int)(fz_byte() % 4), o.size[0] = o.size[1] = o.size[2] = 2, o.start[0] = (int64_t)fz_byte() % 3;
    st = mv_load_cached(c, x, &v, "a.npy", &o);
    if (st < 0) fz_failed(c, st);
    other = mv_load(c, &w, "a.npy", &o);
    if (!fz_refused()) MUST(st == other);
    if (st == MEDVOL_OK && other == MEDVOL_OK) MUST(fz_hash_volume(0, &v) == fz_hash_volume(0, &w));
    mv_volume_free(c, &v);
    mv_volume_free(c, &w);
    lo.normalise = (int)(fz_byte() % 4), lo.shape[0] = fz_byte() % 9, lo.epochs = fz_byte() % 3;
    lo.shuffle = (int)(fz_byte() % 2), lo.queue = fz_byte() % 4, lo.stop = (int)(fz_byte() % 2), lo.load = &o;
    lo.hi = fz_byte() > 200 ? fz_number() : 1;
    st = mv_loader_open(c, &l, paths, 3, &lo);
    if (st < 0) fz_failed(c, st);
    while (l) {
        st = mv_loader_next(c, l, &v, &it);
        if (st < 0) {
            fz_failed(c, st);
            MUST(lo.stop && it.status == st);
        }
        if (it.done) break;
        MUST(it.file < 3 && (it.status < 0) == !v.data && (it.file != 1 || it.status < 0));
    }
    mv_volume_free(c, &v);
    mv_loader_close(c, l);
}
FUZZ(cache) {
    static const char npy[] =
        "\x93NUMPY\1\0\x46\0{'descr': '<i2', 'fortran_order': False, 'shape': (3, 4, 5), }"
                              "       \n";
    static uint8_t b[MOST], d[MOST];
    mv_cache_opt o;
    mv_cache *x = NULL;
    mv_status st;
    mv_ctx *c;
    size_t k, size, got, max, most, i;
    int steps = 0;
    if (n < 4) return 0;
    c = fz_begin(p[0] > 200 ? p[0] - 200u : 0, 1 << 20);
    fz_level(p[1]);
    hooks.open = mem_open, hooks.size = mem_size, hooks.read = mem_read, hooks.close = mem_close;
    hooks.mtime = mem_mtime;
    c->desc.io = &hooks;
    memcpy(file_bytes, npy, sizeof npy - 1);
    file_n = sizeof npy - 1 + 120;
    for (i = sizeof npy - 1; i < file_n; i++) file_bytes[i] = (uint8_t)i;
    fz_tape(p + 2, n - 2);
    memset(item, 0, sizeof item);
    memset(&o, 0, sizeof o);
    now = 0;
    o.max_bytes = max = 300 + 20u * fz_byte(), o.max_entries = most = 1 + fz_byte() % 9;
    o.clock = my_clock, o.lock = my_lock, o.unlock = my_unlock;
    if (p[1] & 4) o.compress = MEDVOL_CACHE_LZ4, o.compress_from = 1;
    if (p[1] & 8) o.ttl = 1 + fz_byte() % 50;
    st = mv_cache_open(c, &x, &o);
    if (st < 0) {
        fz_failed(c, st);
        MUST(!x);
    }
    while (x && !fz_ended() && steps++ < 400) {
        const unsigned what = fz_byte() % 16;
        char key[2];
        const void *lent = NULL;
        k = fz_byte() % KEYS;
        key[0] = 'k', key[1] = (char)('a' + k);
        got = 0;
        now += (double)(fz_byte() % 8) - 2;
        if (what < 6) {
            const unsigned value = fz_byte();
            size = fz_byte() * (MOST / 256u);
            fill(b, size, value);
            st = mv_cache_put(c, x, key, 2, b, size, 1 + value % 9);
            MUST(st != MEDVOL_OK || item[k].pins == 0);
            if (st == MEDVOL_OK) item[k].put = 1, item[k].n = size, item[k].value = value;
        } else if (what < 9) {
            st = mv_cache_get(c, x, key, 2, d, sizeof d, &got);
            fill(b, item[k].n, item[k].value);
            MUST(st < 0 || (item[k].put && got == item[k].n && !memcmp(b, d, got)));
            if (st == MEDVOL_E_NOTFOUND && !item[k].pins) item[k].put = 0;
        } else if (what < 11) {
            st = mv_cache_pin(c, x, key, 2, &lent, &got);
            MUST(st < 0 || (item[k].put && got == item[k].n && (!item[k].pins || lent == item[k].lent)));
            if (st == MEDVOL_OK) item[k].pins++, item[k].lent = lent;
        } else if (what < 13) {
            st = mv_cache_unpin(c, x, key, 2);
            MUST((st == MEDVOL_OK) == (item[k].pins > 0));
            item[k].pins -= item[k].pins > 0;
        } else if (what == 13) {
            st = mv_cache_remove(c, x, key, 2);
            MUST(st != MEDVOL_OK || (item[k].put && !item[k].pins));
            if (st == MEDVOL_OK) item[k].put = 0;
        } else if (what == 14) st = MEDVOL_OK, op_volume(c, x);
        else {
            st = MEDVOL_OK;
            if (fz_byte() % 2) op_load(c, x);
            else if ((st = mv_cache_clear(c, x)) == MEDVOL_OK)
                for (k = 0; k < KEYS; k++) if (!item[k].pins) item[k].put = 0;
        }
        if (st < 0) fz_failed(c, st);
        for (k = 0; k < KEYS; k++) /* what is borrowed is as it was */
            if (item[k].pins) {
                fill(b, item[k].n, item[k].value);
                MUST(!memcmp(b, item[k].lent, item[k].n));
            }
        holds(c, x, max, most);
    }
    mv_cache_close(c, x);
    MUST(depth == 0);
    c->desc.io = NULL;
    fz_end();
    return 0;
}
