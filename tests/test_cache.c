/* test_cache.c - the cache against a model that is simple and slow: who stays, who goes, in which order, what
   is counted; its clock, its codecs, what is borrowed, volumes, damaged blocks. */
#include "test.h"

enum { E = MEDVOL_CACHE_ENTRY };
static double the_time;
static double my_clock(void *user) { return (void)user, the_time; }
static mv_cache *made(size_t bytes, size_t entries, double ttl, int compress) {
    mv_cache_opt o;
    mv_cache *c = NULL;
    memset(&o, 0, sizeof o);
    o.max_bytes = bytes, o.max_entries = entries, o.ttl = ttl, o.compress = compress;
    o.clock = my_clock;
    the_time = 0;
    CHECK_OK(mv_cache_open(T, &c, &o));
    return c;
}
static mv_status put(mv_cache *c, const char *key, size_t n) {
    uint8_t b[5000];
    size_t i;
    for (i = 0; i < n; i++) b[i] = (uint8_t)(key[0] * 7 + (int)(i % 251));
    return mv_cache_put(T, c, key, strlen(key), b, n, 1);
}
static int has(mv_cache *c, const char *key, size_t n) { /* and is what put put */
    uint8_t b[5000];
    size_t got = 0, i;
    mv_status st = mv_cache_get(T, c, key, strlen(key), b, sizeof b, &got);
    if (st == MEDVOL_E_NOTFOUND) return 0;
    CHECK_OK(st);
    CHECK(got == n);
    for (i = 0; i < n; i++) if (b[i] != (uint8_t)(key[0] * 7 + (int)(i % 251))) return 0;
    return 1;
}
static mv_cache_stats of(mv_cache *c) {
    mv_cache_stats s;
    CHECK_OK(mv_cache_get_stats(T, c, &s));
    return s;
}

static void test_budget(void) {
    mv_cache *c = made(3 * (E + 1 + 1000), 0, 0, 0);
    mv_cache_stats s;
    CHECK_OK(put(c, "a", 1000));
    CHECK_OK(put(c, "b", 1000));
    CHECK_OK(put(c, "c", 1000));
    CHECK(has(c, "a", 1000)); /* now b was used longest ago */
    CHECK_OK(put(c, "d", 1000));
    CHECK(!has(c, "b", 1000) && has(c, "a", 1000) && has(c, "c", 1000) && has(c, "d", 1000));
    s = of(c);
    CHECK(s.hits == 4 && s.misses == 1 && s.evictions == 1 && s.expirations == 0 && s.refusals == 0);
    CHECK(s.entries == 3 &&
        s.stored == 3 * (E + 1001) && s.peak == s.stored && s.raw == 3000 && s.packed == 3000);
    CHECK(s.hit_rate == 0.8);
    /* more than the budget by one byte: refused, nothing dropped; exactly the budget: all go */
    CHECK_STATUS(put(c, "e", 2 * (E + 1001) + 1001), MEDVOL_E_TOOBIG);
    s = of(c);
    CHECK(s.entries == 3 && s.refusals == 1 && s.evictions == 1);
    CHECK_OK(put(c, "e", 2 * (E + 1001) + 1000));
    s = of(c);
    CHECK(s.entries == 1 && s.evictions == 4 && s.stored == 3 * (E + 1001));
    /* a key that is replaced makes room first, and is no eviction */
    CHECK_OK(put(c, "e", 1000));
    CHECK_OK(put(c, "f", 1000));
    CHECK_OK(put(c, "e", 1001 + E));
    s = of(c);
    CHECK(s.entries == 2 && s.evictions == 4 && has(c, "f", 1000) && has(c, "e", 1001 + E));
    CHECK_OK(mv_cache_remove(T, c, "e", 1));
    CHECK_STATUS(mv_cache_remove(T, c, "e", 1), MEDVOL_E_NOTFOUND);
    CHECK_OK(mv_cache_clear(T, c));
    s = of(c);
    CHECK(s.entries == 0 && s.stored == 0 && s.raw == 0 && s.packed == 0 && s.evictions == 4);
    mv_cache_close(T, c);
    c = made(0, 2, 0, 0); /* by their number */
    CHECK_OK(put(c, "a", 0));
    CHECK_OK(put(c, "b", 0));
    CHECK_OK(put(c, "c", 0));
    CHECK(!has(c, "a", 0) && has(c, "b", 0) && has(c, "c", 0) && of(c).evictions == 1);
    mv_cache_close(T, c);
    c = made(10, 0, 0, 0); /* nothing fits */
    CHECK_STATUS(put(c, "a", 0), MEDVOL_E_TOOBIG);
    CHECK(of(c).hit_rate == 0.0 && of(c).entries == 0);
    mv_cache_close(T, c);
}
static void test_time(void) {
    mv_cache *c = made(3 * (E + 1001), 0, 10.0, 0);
    mv_cache_stats s;
    the_time = 100;
    CHECK_OK(put(c, "a", 1000));
    the_time = 101;
    CHECK_OK(put(c, "b", 1000));
    the_time = 109.9;
    CHECK(has(c, "a", 1000)); /* use does not lengthen it */
    the_time = 110;
    CHECK(!has(c, "a", 1000) && has(c, "b", 1000));
    s = of(c);
    CHECK(s.expirations == 1 && s.misses == 1 && s.hits == 2 && s.entries == 1);
    /* room: what has expired goes first, though it was used last */
    CHECK_OK(put(c, "c", 1000));
    CHECK_OK(put(c, "d", 1000));
    CHECK(has(c, "b", 1000));
    the_time = 112;
    CHECK_OK(put(c, "e", 1000));
    s = of(c);
    CHECK(s.expirations == 2 && s.evictions == 0 && has(c, "c", 1000) && has(c, "d", 1000));
    /* backwards it stands still; NaN too; then it goes on from where it was */
    the_time = 3;
    CHECK(has(c, "c", 1000));
    CHECK_OK(put(c, "f", 10));
    the_time = NAN;
    CHECK(has(c, "f", 10));
    the_time = 119;
    CHECK(has(c, "f", 10) && has(c, "d", 1000));
    the_time = 120;
    CHECK(!has(c, "d", 1000) && has(c, "f", 10)); /* f counts from 112 */
    the_time = 122;
    CHECK(!has(c, "f", 10));
    mv_cache_close(T, c);
    c = made(0, 0, 0, 0); /* for ever */
    CHECK_OK(put(c, "a", 10));
    the_time = 1e300;
    CHECK(has(c, "a", 10));
    mv_cache_close(T, c);
    CHECK_OK(mv_cache_open(T, &c, NULL)); /* the platform's clock */
    CHECK_OK(put(c, "a", 10));
    CHECK(has(c, "a", 10));
    mv_cache_close(T, c);
}
static void test_borrowed(void) {
    mv_cache *c = made(2 * (E + 1001), 0, 10, 0);
    const void *p = NULL, *q = NULL;
    size_t n = 0;
    mv_cache_stats s;
    CHECK_OK(put(c, "a", 1000));
    CHECK_OK(put(c, "b", 1000));
    CHECK_OK(mv_cache_pin(T, c, "a", 1, &p, &n));
    CHECK(n == 1000 && ((const uint8_t *)p)[3] == (uint8_t)('a' * 7 + 3));
    CHECK_OK(mv_cache_pin(T, c, "a", 1, &q, NULL));
    CHECK(p == q && of(c).pinned == 1);
    CHECK_OK(put(c, "c", 1000)); /* a was used before b was not: b goes */
    CHECK(has(c, "a", 1000) && !has(c, "b", 1000) && has(c, "c", 1000));
    CHECK_STATUS(put(c, "a", 10), MEDVOL_E_BUSY);
    CHECK_STATUS(mv_cache_remove(T, c, "a", 1), MEDVOL_E_BUSY);
    CHECK_OK(mv_cache_pin(T, c, "c", 1, &q, NULL));
    s = of(c);
    CHECK_STATUS(put(c, "d", 10), MEDVOL_E_BUSY); /* no room, and no side effect */
    CHECK(of(c).entries == 2 && of(c).evictions == s.evictions && of(c).refusals == s.refusals + 1);
    CHECK_OK(mv_cache_clear(T, c));
    CHECK(of(c).entries == 2);
    CHECK_OK(mv_cache_unpin(T, c, "c", 1));
    CHECK_STATUS(mv_cache_unpin(T, c, "c", 1), MEDVOL_E_BUSY);
    CHECK_STATUS(mv_cache_unpin(T, c, "x", 1), MEDVOL_E_NOTFOUND);
    CHECK_OK(put(c, "d", 10));
    CHECK(!has(c, "c", 1000));
    the_time = 20; /* expired but borrowed: a miss, and gone with the last loan */
    CHECK(!has(c, "a", 1000) && !has(c, "a", 1000));
    CHECK(((const uint8_t *)p)[999] == (uint8_t)('a' * 7 + 999 % 251));
    s = of(c);
    CHECK(s.expirations == 1 && s.entries == 2 && s.pinned == 1);
    CHECK_OK(mv_cache_unpin(T, c, "a", 1));
    CHECK(of(c).pinned == 1);
    CHECK_OK(mv_cache_unpin(T, c, "a", 1));
    CHECK(of(c).pinned == 0 && of(c).entries == 1);
    mv_cache_close(T, c);
    c = made(0, 1, 0, 0);
    CHECK_OK(put(c, "a", 10));
    CHECK_OK(mv_cache_pin(T, c, "a", 1, &p, &n));
    CHECK_STATUS(put(c, "b", 10), MEDVOL_E_BUSY); /* by their number */
    mv_cache_close(T, c); /* what is borrowed, too */
}

/* ---- compression ---- */
static void smooth(float *f, size_t n) {
    size_t i;
    for (i = 0; i < n; i++) f[i] = (float)(int)(500 * sin((double)i * 1e-3) + 600);
}
static void test_compressed(void) {
    enum { N = 40000 };
    mv_cache *c = made(400000, 0, 0, MEDVOL_CACHE_LZ4);
    float *f = (float *)malloc(N * 4), *g = (float *)malloc(N * 4);
    const void *p = NULL;
    mv_cache_stats s;
    size_t n = 0, i;
    smooth(f, N);
    CHECK_OK(mv_cache_put(T, c, "f", 1, f, N * 4, 4));
    s = of(c);
    CHECK(s.raw == N * 4 && s.packed < N * 3 && s.stored == s.packed + E + 1);
    CHECK_OK(mv_cache_get(T, c, "f", 1, g, N * 4, &n));
    CHECK(n == N * 4 && !memcmp(f, g, N * 4));
    CHECK_OK(mv_cache_put(T, c, "s", 1, f, 65535, 4)); /* below 64 KiB it stays as it is */
    CHECK(of(c).packed == s.packed + 65535);
    t_seed(4);
    for (i = 0; i < N; i++) ((uint32_t *)(void *)g)[i] = (uint32_t)t_bits();
    CHECK_OK(mv_cache_remove(T, c, "s", 1));
    CHECK_OK(mv_cache_put(T, c, "r", 1, g, N * 4, 4)); /* nothing to be gained */
    CHECK(of(c).packed == s.packed + N * 4);
    CHECK(!mv_cache_get(T, c, "r", 1, g, N * 4, &n) && n == N * 4);
    /* borrowing unpacks for good, and makes room for that */
    CHECK_OK(mv_cache_pin(T, c, "f", 1, &p, &n));
    CHECK(n == N * 4 && !memcmp(p, f, n));
    CHECK(of(c).packed == 2 * N * 4 && of(c).stored == 2 * (N * 4 + E + 1));
    CHECK_OK(mv_cache_unpin(T, c, "f", 1));
    CHECK_OK(mv_cache_get(T, c, "f", 1, g, N * 4, NULL));
    CHECK(!memcmp(f, g, N * 4));
    mv_cache_close(T, c);
    c = made(N * 4 + E, 0, 0, MEDVOL_CACHE_LZ4); /* one byte too few for it unpacked */
    CHECK_OK(mv_cache_put(T, c, "f", 1, f, N * 4, 4));
    CHECK_STATUS(mv_cache_pin(T, c, "f", 1, &p, &n), MEDVOL_E_TOOBIG);
    CHECK_OK(mv_cache_get(T, c, "f", 1, g, N * 4, NULL));
    mv_cache_close(T, c);
    c = made(N * 4 + E + 1 + E + 1 + 99, 0, 0, MEDVOL_CACHE_LZ4); /* or because of another loan */
    CHECK_OK(put(c, "o", 100));
    CHECK_OK(mv_cache_pin(T, c, "o", 1, &p, &n));
    CHECK_OK(mv_cache_put(T, c, "f", 1, f, N * 4, 4));
    CHECK_STATUS(mv_cache_pin(T, c, "f", 1, &p, &n), MEDVOL_E_BUSY);
    CHECK_OK(mv_cache_unpin(T, c, "o", 1));
    CHECK_OK(mv_cache_pin(T, c, "f", 1, &p, &n));
    CHECK(!has(c, "o", 100) && of(c).evictions == 1 && !memcmp(p, f, n));
    mv_cache_close(T, c);
    free(f);
    free(g);
}
/* a codec of the caller's: runs of one byte; damaged at will */
static int damage, packs;
static int run_pack(void *user, void *dst, size_t cap, const void *src, size_t n, size_t *done) {
    const uint8_t *s = (const uint8_t *)src;
    uint8_t *d = (uint8_t *)dst;
    size_t i, k, o = 0;
    CHECK(user == &packs && cap == n / 10 * 9 + n % 10 * 9 / 10);
    packs++;
    for (i = 0; i < n; i += k) {
        for (k = 1; i + k < n && k < 255 && s[i + k] == s[i]; k++) {}
        if (cap - o < 2) return -1;
        d[o++] = (uint8_t)k, d[o++] = s[i];
    }
    *done = o;
    return 0;
}
static int run_unpack(void *user, void *dst, size_t cap, const void *src, size_t n) {
    const uint8_t *s = (const uint8_t *)src;
    uint8_t *d = (uint8_t *)dst;
    size_t i, o = 0;
    CHECK(user == &packs);
    for (i = 0; i < n; o += s[i], i += 2) {
        if (s[i] > cap - o) return -1;
        memset(d + o, s[i + 1], s[i]);
    }
    if (damage == 1) return 7;
    if (damage == 2) d[cap / 2] ^= 4;
    return o == cap ? 0 : -1;
}
static void test_codec(void) {
    enum { N = 70000 };
    const mv_cache_codec codec = {&packs, run_pack, run_unpack};
    uint8_t *b = (uint8_t *)malloc(N), *d = (uint8_t *)malloc(N);
    mv_cache_opt o;
    mv_cache *c;
    const void *p = NULL;
    size_t i, n;
    memset(&o, 0, sizeof o);
    o.compress = MEDVOL_CACHE_CODEC, o.codec = &codec, o.clock = my_clock;
    for (i = 0; i < N; i++) b[i] = (uint8_t)(i / 1000);
    damage = packs = 0;
    CHECK_OK(mv_cache_open(T, &c, &o));
    CHECK_OK(mv_cache_put(T, c, "k", 1, b, N, 1));
    CHECK(packs == 1 && of(c).packed < 1000);
    CHECK_OK(mv_cache_get(T, c, "k", 1, d, N, &n));
    CHECK(!memcmp(b, d, N));
    for (damage = 1; damage < 3; damage++) { /* what is damaged is told, leaves dst alone, and is gone */
        CHECK_OK(mv_cache_put(T, c, "k", 1, b, N, 1));
        memset(d, 9, N);
        CHECK_STATUS(damage == 1 ? mv_cache_get(T, c, "k", 1, d, N, &n) : mv_cache_pin(T, c, "k", 1, &p, &n),
            MEDVOL_E_CORRUPT);
        for (i = 0; i < N; i++) if (d[i] != 9) break;
        CHECK(i == N && p == NULL && of(c).corrupt == (uint64_t)damage && of(c).entries == 0);
        CHECK_STATUS(mv_cache_get(T, c, "k", 1, d, N, &n), MEDVOL_E_NOTFOUND);
    }
    mv_cache_close(T, c);
    free(b);
    free(d);
}

/* ---- volumes ---- */
static void test_volumes(void) {
    static const mv_dtype types[] = {MEDVOL_U8, MEDVOL_I16, MEDVOL_F32, MEDVOL_F64, MEDVOL_C64, MEDVOL_RGB24,
        MEDVOL_F128};
    mv_cache *c;
    mv_volume v, view, got, other;
    const size_t dim[3] = {40, 30, 20}, start[3] = {3, 5, 1}, size[3] = {33, 21, 19};
    size_t k, i, n;
    int how;
    mv_cache_stats s;
    for (how = 0; how < 2; how++) {
        c = made(0, 0, 0, how ? MEDVOL_CACHE_LZ4 : MEDVOL_CACHE_RAW);
        for (k = 0; k < sizeof types / sizeof *types; k++) {
            memset(&got, 0, sizeof got);
            memset(&other, 0, sizeof other);
            CHECK_OK(mv_volume_alloc(T, &v, types[k], 3, dim));
            n = mv_volume_count(&v) * mv_dtype_size(v.dtype);
            for (i = 0; i < n; i++)
                ((uint8_t *)v.data)[i] = (uint8_t)(i % mv_dtype_size(v.dtype) * 3 + i / 4096);
            v.affine[3] = 17, v.affine[0] = 2, v.slope = 3, v.inter = -1;
#ifndef MEDVOL_NO_IO
            CHECK_OK(mv_nifti_ext_add(T, &v, 6, "some words", 10));
#endif
            CHECK_OK(mv_volume_view(T, &view, &v, start, size));
            CHECK_OK(mv_cache_put_volume(T, c, "whole", 5, &v));
            CHECK_OK(mv_cache_put_volume(T, c, "view", 4, &view));
            CHECK_OK(mv_cache_get_volume(T, c, "whole", 5, &got));
            CHECK(got.dtype == v.dtype && got.ndim == 3 && !memcmp(got.dim, v.dim, sizeof v.dim));
            CHECK(!memcmp(got.affine, v.affine, sizeof v.affine) && got.slope == 3 && got.inter == -1);
            CHECK(!memcmp(got.data, v.data, n) && got.owner);
#ifndef MEDVOL_NO_IO
            CHECK(got.nifti && got.nifti != v.nifti && got.nifti->ext_bytes == v.nifti->ext_bytes &&
                !memcmp(got.nifti->ext, v.nifti->ext, v.nifti->ext_bytes));
#endif
            mv_volume_free(T, &got);
            CHECK_OK(mv_cache_get_volume(T, c, "view", 4, &got));
            CHECK_OK(mv_volume_copy(T, &other, &view));
            CHECK(mv_volume_contiguous(&got) && got.affine[3] == view.affine[3] &&
                !memcmp(got.data, other.data, mv_volume_count(&other) * mv_dtype_size(v.dtype)));
            /* into memory that is there, with gaps */
            memset(v.data, 0, n);
            CHECK_OK(mv_cache_get_volume(T, c, "view", 4, &view));
            mv_volume_free(T, &got);
            CHECK_OK(mv_volume_copy(T, &got, &view));
            CHECK(!memcmp(got.data, other.data, mv_volume_count(&other) * mv_dtype_size(v.dtype)));
            CHECK_STATUS(mv_cache_get_volume(T, c, "whole", 5, &got), MEDVOL_E_SHAPE);
            got.dtype = types[(k + 1) % 7];
            if (mv_dtype_size(got.dtype) <= mv_dtype_size(types[k]))
                CHECK_STATUS(mv_cache_get_volume(T, c, "view", 4, &got), MEDVOL_E_DTYPE);
            if (view.owns_nifti) mv_volume_free(T, &view);
            mv_volume_free(T, &got);
            mv_volume_free(T, &other);
            mv_volume_free(T, &v);
        }
        s = of(c);
        CHECK(s.entries == 2 && s.evictions == 0);
        CHECK_OK(put(c, "block", 10));
        CHECK_STATUS(mv_cache_get_volume(T, c, "block", 5, &got), MEDVOL_E_DTYPE);
        CHECK_STATUS(mv_cache_get(T, c, "whole", 5, &k, sizeof k, NULL), MEDVOL_E_DTYPE);
        mv_cache_close(T, c);
    }
}

/* ---- the model ---- */
typedef struct {
    int used, pins, stale;
    size_t n;
    double at;
    unsigned stamp, age, value;
} item;
enum { KEYS = 24 };
typedef struct {
    item it[KEYS];
    size_t max, most;
    double ttl, now;
    unsigned tick;
    uint64_t hits, misses, expirations, evictions, refusals;
} model;
static size_t cost(size_t n) { return n + E + 2; }
static size_t sum(const model *m, int pinned, size_t *count) {
    size_t s = 0, k;
    for (*count = k = 0; k < KEYS; k++)
        if (m->it[k].used && (!pinned || m->it[k].pins)) s += cost(m->it[k].n), ++*count;
    return s;
}
static mv_status model_put(model *m, size_t k, size_t n, unsigned value) {
    item *x = &m->it[k], *y, *found;
    size_t count, i;
    if (cost(n) > m->max) return m->refusals++, MEDVOL_E_TOOBIG;
    if (x->used && x->pins) return m->refusals++, MEDVOL_E_BUSY;
    if (sum(m, 1, &count) + cost(n) > m->max || count + 1 > m->most) return m->refusals++, MEDVOL_E_BUSY;
    x->used = 0;
    while (sum(m, 0, &count) + cost(n) > m->max || count + 1 > m->most) {
        for (found = NULL, i = 0; i < KEYS; i++) {
            y = &m->it[i];
            if (y->used && !y->pins && m->ttl > 0 &&
                m->now - y->at >= m->ttl && (!found || y->age < found->age))
                found = y;
        }
        if (found) m->expirations++;
        else {
            for (i = 0; i < KEYS; i++) {
                y = &m->it[i];
                if (y->used && !y->pins && (!found || y->stamp < found->stamp)) found = y;
            }
            m->evictions++;
        }
        found->used = 0;
    }
    memset(x, 0, sizeof *x);
    x->used = 1, x->n = n, x->at = m->now, x->stamp = x->age = ++m->tick, x->value = value;
    return MEDVOL_OK;
}
static int model_live(model *m, size_t k) {
    item *x = &m->it[k];
    if (x->used && m->ttl > 0 && m->now - x->at >= m->ttl) {
        if (!x->stale) m->expirations++;
        x->stale = 1;
        if (!x->pins) x->used = 0;
    } else if (x->used) {
        x->stamp = ++m->tick;
        m->hits++;
        return 1;
    }
    m->misses++;
    return 0;
}
static void test_model(void) {
    static uint8_t b[3000], d[3000];
    const void *p;
    int round, step;
    t_seed(77);
    for (round = 0; round < 30; round++) {
        model m;
        mv_cache *c;
        memset(&m, 0, sizeof m);
        m.now = -HUGE_VAL;
        m.max = 500 + t_bits() % 20000, m.most = 1 + t_bits() % 20, m.ttl = round % 3
            ? (double)(t_bits() % 60) : 0;
        c = made(m.max, m.most, m.ttl, MEDVOL_CACHE_RAW);
        for (step = 0; step < 2000; step++) {
            const size_t k = t_bits() % KEYS, n = t_bits() % 16 ? t_bits() % 1200 : t_bits() % 3000;
            const unsigned value = (unsigned)t_bits() & 255;
            char key[2];
            size_t count, got = 0;
            int what;
            mv_cache_stats s;
            item *x = &m.it[k];
            key[0] = 'k', key[1] = (char)('A' + k);
            the_time += t_bits() % 4 == 0 ? 1.0 : t_bits() % 50 == 0 ? -20.0 : 0.0;
            what = (int)(t_bits() % 8);
            if (what < 6 && the_time > m.now) m.now = the_time; /* asked for by these */
            switch (what) {
                case 0: case 1: case 2:
                    memset(b, (int)value, n);
                    CHECK_STATUS(mv_cache_put(T, c, key, 2, b, n, 1), model_put(&m, k, n, value));
                    break;
                case 3: case 4:
                    if (model_live(&m, k)) {
                        CHECK_OK(mv_cache_get(T, c, key, 2, d, sizeof d, &got));
                        CHECK(got == x->n);
                        memset(b, (int)x->value, x->n);
                        CHECK(!memcmp(b, d, x->n));
                    } else CHECK_STATUS(mv_cache_get(T, c, key, 2, d, sizeof d, &got), MEDVOL_E_NOTFOUND);
                    break;
                case 5:
                    if (model_live(&m, k)) {
                        CHECK_OK(mv_cache_pin(T, c, key, 2, &p, &got));
                        CHECK(got == x->n && (got == 0 || *(const uint8_t *)p == x->value));
                        x->pins++;
                    } else CHECK_STATUS(mv_cache_pin(T, c, key, 2, &p, &got), MEDVOL_E_NOTFOUND);
                    break;
                case 6:
                    CHECK_STATUS(mv_cache_unpin(T, c, key, 2),
                        !x->used ? MEDVOL_E_NOTFOUND : !x->pins ? MEDVOL_E_BUSY : MEDVOL_OK);
                    if (x->used && x->pins && --x->pins == 0 && x->stale) x->used = 0;
                    break;
                default:
                    if (t_bits() % 4) break;
                    CHECK_STATUS(mv_cache_remove(T, c, key, 2),
                        !x->used ? MEDVOL_E_NOTFOUND : x->pins ? MEDVOL_E_BUSY : MEDVOL_OK);
                    if (x->used && !x->pins) x->used = 0;
                    break;
            }
            s = of(c);
            CHECK(s.stored == sum(&m, 0, &count) &&
                s.entries == count && s.stored <= m.max && count <= m.most);
            sum(&m, 1, &count);
            CHECK(s.pinned == count && s.peak <= m.max && s.peak >= s.stored);
            CHECK(s.hits == m.hits && s.misses == m.misses && s.expirations == m.expirations &&
                s.evictions == m.evictions && s.refusals == m.refusals);
        }
        mv_cache_close(T, c);
    }
}
static void test_many(void) { /* the table grows */
    const unsigned most = T_SMALL ? 1000 : 20000;
    mv_cache *c = made((size_t)64 << 20, most, 0, 0);
    unsigned i, got;
    for (i = 0; i < most + 500; i++) CHECK_OK(mv_cache_put(T, c, &i, sizeof i, &i, sizeof i, 0));
    CHECK(of(c).entries == most && of(c).evictions == 500);
    for (i = 500; i < most + 500; i++) {
        got = 0;
        CHECK_OK(mv_cache_get(T, c, &i, sizeof i, &got, sizeof got, NULL));
        CHECK(got == i);
    }
    mv_cache_close(T, c);
}

static int depth, locks;
static void my_lock(void *user) { CHECK(user == &locks && depth++ == 0), locks++; }
static void my_unlock(void *user) { CHECK(user == &locks && --depth == 0); }
static void test_bad(void) {
    mv_cache_opt o;
    mv_cache *c = NULL;
    mv_cache_stats s;
    mv_volume v = {0};
    uint8_t b[8] = {0};
    const void *p = b;
    size_t n = 5;
    memset(&o, 0, sizeof o);
    CHECK_STATUS(mv_cache_open(T, NULL, &o), MEDVOL_E_NULL);
    o.ttl = -1;
    CHECK_STATUS(mv_cache_open(T, &c, &o), MEDVOL_E_RANGE);
    o.ttl = NAN;
    CHECK_STATUS(mv_cache_open(T, &c, &o), MEDVOL_E_RANGE);
    o.ttl = 0, o.compress = 3;
    CHECK_STATUS(mv_cache_open(T, &c, &o), MEDVOL_E_RANGE);
    o.compress = MEDVOL_CACHE_CODEC;
    CHECK_STATUS(mv_cache_open(T, &c, &o), MEDVOL_E_NULL);
    o.compress = 0, o.lock = my_lock;
    CHECK_STATUS(mv_cache_open(T, &c, &o), MEDVOL_E_NULL);
    o.unlock = my_unlock, o.lock_user = &locks;
    locks = depth = 0;
    CHECK_OK(mv_cache_open(T, &c, &o));
    CHECK_STATUS(mv_cache_put(T, NULL, "k", 1, b, 8, 1), MEDVOL_E_NULL);
    CHECK_STATUS(mv_cache_put(T, c, NULL, 1, b, 8, 1), MEDVOL_E_NULL);
    CHECK_STATUS(mv_cache_put(T, c, "k", 1, NULL, 8, 1), MEDVOL_E_NULL);
    CHECK_STATUS(mv_cache_put(T, c, "k", 0, b, 8, 1), MEDVOL_E_RANGE);
    CHECK_STATUS(mv_cache_put(T, c, "k", 65537, b, 8, 1), MEDVOL_E_RANGE);
    CHECK_STATUS(mv_cache_put(T, c, "k", 1, b, SIZE_MAX, 1), MEDVOL_E_SIZE);
    CHECK_STATUS(mv_cache_get(T, NULL, "k", 1, b, 8, &n), MEDVOL_E_NULL);
    CHECK_STATUS(mv_cache_get(T, c, "k", 1, NULL, 8, &n), MEDVOL_E_NULL);
    CHECK_STATUS(mv_cache_get(T, c, NULL, 1, b, 8, &n), MEDVOL_E_NULL);
    CHECK_STATUS(mv_cache_pin(T, c, "k", 1, NULL, &n), MEDVOL_E_NULL);
    CHECK_STATUS(mv_cache_pin(T, NULL, "k", 1, &p, &n), MEDVOL_E_NULL);
    CHECK_STATUS(mv_cache_unpin(T, c, NULL, 1), MEDVOL_E_NULL);
    CHECK_STATUS(mv_cache_remove(T, c, NULL, 1), MEDVOL_E_NULL);
    CHECK_STATUS(mv_cache_clear(T, NULL), MEDVOL_E_NULL);
    CHECK_STATUS(mv_cache_get_stats(T, c, NULL), MEDVOL_E_NULL);
    CHECK_STATUS(mv_cache_get_stats(T, NULL, &s), MEDVOL_E_NULL);
    CHECK_STATUS(mv_cache_put_volume(T, c, "k", 1, NULL), MEDVOL_E_NULL);
    CHECK_STATUS(mv_cache_put_volume(T, c, "k", 1, &v), MEDVOL_E_NULL);
    CHECK_STATUS(mv_cache_get_volume(T, c, "k", 1, NULL), MEDVOL_E_NULL);
    CHECK(locks == 0 && n == 5 && p == b);
    CHECK_OK(mv_cache_put(T, c, "k", 1, b, 8, 1));
    CHECK_STATUS(mv_cache_get(T, c, "k", 1, b, 7, &n), MEDVOL_E_SPACE);
    CHECK(n == 8 && locks == 2);
    CHECK_OK(mv_cache_get_stats(T, c, &s));
    CHECK(s.hits == 0 && s.misses == 0);
    mv_cache_close(T, c);
    mv_cache_close(T, NULL);
}

const t_case tests_cache[] = {
    {"budget", test_budget, T_ONCE},
    {"time", test_time, T_ONCE},
    {"borrowed", test_borrowed, T_ONCE},
    {"compressed", test_compressed, 0},
    {"codec", test_codec, T_ONCE},
    {"volumes", test_volumes, 0},
    {"model", test_model, T_ONCE},
    {"many", test_many, T_ONCE},
    {"bad", test_bad, T_ONCE},
    {0},
};
