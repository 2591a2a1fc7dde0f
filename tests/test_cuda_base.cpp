/* test_cuda_base.cpp - contexts, volumes, transfers and [INTENSITY] of medvol_cuda.h beside medvol.h, on shapes
   that fit nothing. */
#include "cuda_test.h"
#include <time.h>

static char said[512];
static const shape shapes[] = {{1, {1}},          {1, {31}},          {1, {33}},        {2, {257, 3}},
                               {3, {33, 31, 1}},  {3, {7, 33, 31}},   {2, {1, 257}},    {4, {5, 6, 7, 3}},
                               {3, {259, 33, 3}}, {1, {35003}}};
enum { SHAPES = sizeof shapes / sizeof *shapes };
static const mv_dtype types[] = {MEDVOL_U8,  MEDVOL_I8,  MEDVOL_U16, MEDVOL_I16,  MEDVOL_U32, MEDVOL_I32,
                                 MEDVOL_U64, MEDVOL_I64, MEDVOL_F16, MEDVOL_BF16, MEDVOL_F32, MEDVOL_F64};
enum { TYPES = 12 };
/* Values of the type; odd: zeros, and NaN and infinities where there are any */
static void fill(twin *t, int odd) {
    each(&t->host, [&](unsigned char *p) {
        const unsigned r = draw() % 64;
        double x = (uniform() + uniform() + uniform() - 1.5) * 80.0 + 20.0;
        if (odd && r < 6) x = 0.0;
        if (odd > 1 && r == 6) x = NAN;
        if (odd > 1 && r == 7) x = INFINITY;
        if (odd > 1 && r == 8) x = -INFINITY;
        mv_convert_array(NULL, p, t->host.dtype, &x, MEDVOL_F64, 1, 1.0, 0.0);
    });
    send(t);
}
static void scale(twin *t, double slope, double inter) {
    t->host.slope = t->device.slope = slope;
    t->host.inter = t->device.inter = inter;
}
static double read1(const void *p, mv_dtype type) {
    double x;
    mv_convert_array(NULL, &x, MEDVOL_F64, p, type, 1, 1.0, 0.0);
    return x;
}
/* The device's block, fetched, beside the host's: bits, or reals within ulp of float of the larger of `level` and
   the value. Gaps between rows count. */
static int differs(const void *a, const void *b, mv_dtype type, double ulp, double level) {
    const double x = read1(a, type), y = read1(b, type);
    double big;
    if (!memcmp(a, b, mv_dtype_size(type))) return 0;
    if (x != x && y != y) return 0;
    if (ulp == 0.0 || !(x - x == 0.0) || !(y - y == 0.0)) return 1;
    if (type != MEDVOL_F32 && type != MEDVOL_F64) /* rounding to fewer bits decides once more; to integers, of doubles */
        return !(fabs(x - y) <= (type == MEDVOL_F16 ? fabs(y) / 1024 : type == MEDVOL_BF16 ? fabs(y) / 128 : 0.0));
    big = fmax(fmax(fabs(x), fabs(y)), level);
    return !(fabs(x - y) <= ulp * big * 1.1920929e-7 + 1e-45);
}
static void same(const twin *t, double ulp, double level, int line) {
    const mv_volume *h = &t->host;
    const size_t size = mv_dtype_size(h->dtype);
    unsigned char *got = (unsigned char *)malloc(t->bytes);
    size_t bad = 0, i;
    double a = 0, b = 0;
    CHECK(dev_get(got, t->there, t->bytes));
    for (i = 0; i + size <= t->bytes; i += size) {
        if (!differs(got + i, t->block + i, h->dtype, ulp, level)) continue;
        if (!bad++) a = read1(got + i, h->dtype), b = read1(t->block + i, h->dtype);
    }
    keep(got, t->bytes);
    if (bad) snprintf(said, sizeof said, "%s %zux%zux%zu: %zu values differ, the first %.9g, not %.9g",
                      mv_dtype_name(h->dtype), h->dim[0], h->dim[1], h->dim[2], bad, a, b);
    check(!bad, bad ? said : "", line);
    free(got);
}
static void same_geometry(const mv_volume *a, const mv_volume *b, int line) {
    check(a->dtype == b->dtype && a->ndim == b->ndim && !memcmp(a->dim, b->dim, sizeof a->dim) &&
              !memcmp(a->affine, b->affine, sizeof a->affine) && !memcmp(a->step, b->step, sizeof a->step) &&
              a->slope == b->slope && a->inter == b->inter, "geometry, type and scaling", line);
}
/* A map, made by both: into memory of a type, in place, or new. */
enum { INTO, INPLACE, FRESH, WAYS };
template <class C, class G>
static void map(const shape *s, mv_dtype from, mv_dtype to, int layout, int way, int odd, double slope, double inter,
                double ulp, double level, C on_cpu, G on_gpu, int line) {
    twin a, b;
    mv_status want, got;
    if (spared()) return;
    twin_make(&a, from, s, layout);
    twin_make(&b, to, s, layout);
    fill(&a, odd);
    scale(&a, slope, inter);
    a.host.affine[3] = a.device.affine[3] = 5.0;
    if (way == INTO) {
        want = on_cpu(&b.host, &a.host);
        got = on_gpu(&b.device, &a.device);
        if (got == MEDVOL_OK) got = mv_cuda_sync(&gpu);
        check_status(got, want, mv_cuda_message(&gpu), line);
        same(&b, ulp, level, line);
        if (want == MEDVOL_OK) same_geometry(&b.device, &b.host, line);
    } else if (way == INPLACE) {
        mv_volume h = a.host, d = a.device;
        if (mv_dtype_size(to) == mv_dtype_size(from)) { /* makes no new memory */
            want = on_cpu(&h, &h);
            got = on_gpu(&d, &d);
            if (got == MEDVOL_OK) got = mv_cuda_sync(&gpu);
            check_status(got, want, mv_cuda_message(&gpu), line);
            if (h.data != a.host.data) { /* another size: new memory after all */
                check(d.data != a.device.data, "new memory", line);
                same_geometry(&d, &h, line);
                mv_volume_free(&cpu, &h);
                mv_cuda_volume_free(&gpu, &d);
            } else {
                a.host.dtype = h.dtype;
                same(&a, ulp, level, line);
                if (want == MEDVOL_OK) same_geometry(&d, &h, line);
            }
        }
    } else {
        mv_volume h, d, back;
        memset(&h, 0, sizeof h), memset(&d, 0, sizeof d), memset(&back, 0, sizeof back);
        want = on_cpu(&h, &a.host);
        got = on_gpu(&d, &a.device);
        if (got == MEDVOL_OK) got = mv_cuda_sync(&gpu);
        check_status(got, want, mv_cuda_message(&gpu), line);
        if (want == MEDVOL_OK && got == MEDVOL_OK) {
            mv_convert_opt raw;
            size_t i, size = mv_dtype_size(h.dtype), bad = 0;
            memset(&raw, 0, sizeof raw);
            raw.keep_scaling = 1;
            same_geometry(&d, &h, line);
            CHECK_STATUS(mv_cuda_download(&gpu, &back, &d, MEDVOL_NONE, &raw), MEDVOL_OK);
            for (i = 0; i < mv_volume_count(&h) * size; i += size)
                bad += (size_t)differs((unsigned char *)back.data + i, (unsigned char *)h.data + i, h.dtype, ulp, level);
            keep(back.data, mv_volume_count(&h) * size);
            check(bad == 0, "new memory: other values", line);
        }
        mv_volume_free(&cpu, &h), mv_volume_free(&cpu, &back);
        mv_cuda_volume_free(&gpu, &d);
    }
    twin_free(&a);
    twin_free(&b);
}
#define MAP(s, from, to, layout, way, odd, slope, inter, ulp, level, CPU, GPU)                                \
    map(s, from, to, layout, way, odd, slope, inter, ulp, level,                                              \
        [&](mv_volume *d, const mv_volume *v) { return CPU; }, [&](mv_volume *d, const mv_volume *v) { return GPU; }, \
        __LINE__)

/* ---- conversion and transfers ---- */
static void test_convert(void) {
    int i, j, k = 0;
    mv_convert_opt o;
    for (i = 0; i < TYPES; i++)
        for (j = 0; j < TYPES; j++, k++) {
            const shape *s = &shapes[k % SHAPES];
            const double ulp = types[j] == MEDVOL_F32 && mv_dtype_size(types[i]) <= 2 ? 1 : 0;
            memset(&o, 0, sizeof o);
            MAP(s, types[i], types[j], k % LAYOUTS, k % WAYS, 2, 0, 0, 0, 0,
                mv_convert(&cpu, d, v, types[j], &o), mv_cuda_convert(&gpu, d, v, types[j], &o));
            MAP(s, types[i], types[j], (k + 1) % LAYOUTS, (k + 1) % WAYS, 2, 0.37, -3.1, ulp, 60,
                mv_convert(&cpu, d, v, types[j], &o), mv_cuda_convert(&gpu, d, v, types[j], &o));
            o.keep_scaling = 1;
            MAP(s, types[i], types[j], (k + 2) % LAYOUTS, INTO, 2, 0.37, -3.1, 0, 0,
                mv_convert(&cpu, d, v, types[j], &o), mv_cuda_convert(&gpu, d, v, types[j], &o));
            o.keep_scaling = 0, o.slope = 0.25, o.inter = 2;
            MAP(s, types[i], types[j], k % LAYOUTS, INTO, 2, 0, 0, 0, 0,
                mv_convert(&cpu, d, v, types[j], &o), mv_cuda_convert(&gpu, d, v, types[j], &o));
        }
    for (k = 0; k < 6; k++) { /* beside the middle of two results, where a double is that middle: rounded once */
        static const mv_dtype to[] = {MEDVOL_F32, MEDVOL_BF16, MEDVOL_F16};
        static const shape s = {1, {300}};
        twin a, b;
        twin_make(&a, k % 2 ? MEDVOL_U64 : MEDVOL_I64, &s, PLAIN);
        for (i = 0; i < 300; i++) {
            const int top = 40 + i % 23, half = top - (k / 2 ? 8 : 24);
            const uint64_t v = ((uint64_t)1 << top) + ((uint64_t)(draw() % 4) << (half + 1)) + ((uint64_t)1 << half);
            ((uint64_t *)(void *)a.block)[i] = (v + draw() % 3 - 1) * (k % 2 || i % 3 ? 1 : ~(uint64_t)0);
        }
        send(&a);
        twin_make(&b, to[k / 2], &s, PLAIN);
        CHECK_STATUS(mv_convert(&cpu, &b.host, &a.host, to[k / 2], NULL), MEDVOL_OK);
        CHECK_SETTLED(mv_cuda_convert(&gpu, &b.device, &a.device, to[k / 2], NULL), MEDVOL_OK);
        same(&b, 0, 0, __LINE__);
        twin_free(&a), twin_free(&b);
    }
}
static void test_zeros(void) { /* both signs of them */
    static const mv_dtype from[2] = {MEDVOL_F16, MEDVOL_BF16};
    const shape s = {2, {37, 3}};
    mv_statistics want, got;
    twin a, b;
    int i, layout;
    for (i = 0; i < 2; i++)
        for (layout = 0; layout < LAYOUTS; layout++) {
            snprintf(about, sizeof about, "-0 of %s", mv_dtype_name(from[i]));
            twin_make(&a, from[i], &s, layout), twin_make(&b, MEDVOL_F32, &s, PLAIN);
            each(&a.host, [&](unsigned char *p) { p[0] = 0, p[1] = draw() % 2 ? 0x80 : 0; });
            send(&a);
            CHECK_STATUS(mv_convert(&cpu, &b.host, &a.host, MEDVOL_F32, NULL), MEDVOL_OK);
            CHECK_SETTLED(mv_cuda_convert(&gpu, &b.device, &a.device, MEDVOL_F32, NULL), MEDVOL_OK);
            same(&b, 0, 0, __LINE__);
            CHECK_STATUS(mv_stats(&cpu, &want, &a.host, NULL), MEDVOL_OK);
            CHECK_STATUS(mv_cuda_stats_wait(&gpu, &got, &a.device, NULL), MEDVOL_OK);
            CHECK(!memcmp(&got.min, &want.min, 8) && !memcmp(&got.max, &want.max, 8));
            twin_free(&a), twin_free(&b);
        }
}
static void test_ends(void) { /* of the integers, and what lies about them */
    static const mv_dtype to[] = {MEDVOL_U8, MEDVOL_I8, MEDVOL_U16, MEDVOL_I16, MEDVOL_U32, MEDVOL_I32, MEDVOL_U64, MEDVOL_I64};
    static const double powers[] = {7, 8, 15, 16, 31, 32, 63, 64};
    const shape s = {1, {8 * 2 * 5}};
    size_t k, i, n = 0;
    twin a, b;
    twin_make(&a, MEDVOL_F64, &s, PLAIN);
    for (k = 0; k < 8; k++)
        for (i = 0; i < 2; i++) {
            const double x = ldexp(i ? -1.0 : 1.0, (int)powers[k]);
            const double around[5] = {x, x - 0.5, x + 0.5, nextafter(x, 0.0), nextafter(x, 2 * x)};
            memcpy((double *)a.host.data + n, around, sizeof around), n += 5;
        }
    send(&a);
    for (k = 0; k < 8; k++) {
        snprintf(about, sizeof about, "ends of %s", mv_dtype_name(to[k]));
        twin_make(&b, to[k], &s, PLAIN);
        CHECK_STATUS(mv_convert(&cpu, &b.host, &a.host, to[k], NULL), MEDVOL_OK);
        CHECK_SETTLED(mv_cuda_convert(&gpu, &b.device, &a.device, to[k], NULL), MEDVOL_OK);
        same(&b, 0, 0, __LINE__);
        twin_free(&b);
    }
    twin_free(&a);
}
static void test_kinds(void) { /* complex, RGB, bytes */
    static const mv_dtype kind[] = {MEDVOL_C64, MEDVOL_C128, MEDVOL_RGB24, MEDVOL_RGBA32, MEDVOL_F128, MEDVOL_C256};
    mv_convert_opt raw;
    int i, j;
    memset(&raw, 0, sizeof raw);
    raw.keep_scaling = 1;
    for (i = 0; i < 6; i++)
        for (j = 0; j < SHAPES; j++) {
            twin a, b;
            twin_make(&a, kind[i], &shapes[j], j % 2);
            twin_make(&b, kind[i], &shapes[j], j % 2);
            CHECK_STATUS(mv_volume_copy(&cpu, &b.host, &a.host), MEDVOL_OK);
            CHECK_STATUS(mv_cuda_volume_copy(&gpu, &b.device, &a.device), MEDVOL_OK);
            CHECK_STATUS(mv_cuda_sync(&gpu), MEDVOL_OK);
            unsigned char *got = (unsigned char *)malloc(b.bytes);
            CHECK(dev_get(got, b.there, b.bytes));
            CHECK(!memcmp(got, b.block, b.bytes));
            free(got);
            twin_free(&a), twin_free(&b);
        }
    for (j = 0; j < SHAPES; j++) {
        twin a, b;
        mv_convert_opt none;
        memset(&none, 0, sizeof none);
        twin_make(&a, MEDVOL_C64, &shapes[j], j % 2);
        twin_make(&b, MEDVOL_C128, &shapes[j], j % 2);
        each(&a.host, [&](unsigned char *p) { ((float *)(void *)p)[0] = (float)uniform(), ((float *)(void *)p)[1] = -2.0f; });
        send(&a);
        scale(&a, 2, j % 3 ? 1 : 0);
        CHECK_STATUS(mv_convert(&cpu, &b.host, &a.host, MEDVOL_C128, &none), MEDVOL_OK);
        CHECK_STATUS(mv_cuda_convert(&gpu, &b.device, &a.device, MEDVOL_C128, &none), MEDVOL_OK);
        CHECK_STATUS(mv_cuda_sync(&gpu), MEDVOL_OK);
        unsigned char *got = (unsigned char *)malloc(b.bytes);
        CHECK(dev_get(got, b.there, b.bytes));
        CHECK(!memcmp(got, b.block, b.bytes));
        free(got);
        CHECK_STATUS(mv_cuda_convert(&gpu, &b.device, &a.device, MEDVOL_F32, NULL), MEDVOL_E_DTYPE);
        twin_free(&a), twin_free(&b);
    }
}
static void test_transfer(void) {
    int j, layout;
    for (j = 0; j < SHAPES; j++)
        for (layout = 0; layout < LAYOUTS; layout++) {
            twin a;
            mv_volume d, back, want;
            memset(&d, 0, sizeof d), memset(&back, 0, sizeof back), memset(&want, 0, sizeof want);
            twin_make(&a, MEDVOL_I16, &shapes[j], layout);
            fill(&a, 1);
            scale(&a, 0.5, 3);
            a.host.affine[0] = 2.5;
            CHECK_STATUS(mv_cuda_upload(&gpu, &d, &a.host, MEDVOL_F32, NULL), MEDVOL_OK);
            CHECK_STATUS(mv_convert(&cpu, &want, &a.host, MEDVOL_F32, NULL), MEDVOL_OK);
            CHECK_STATUS(mv_cuda_download(&gpu, &back, &d, MEDVOL_NONE, NULL), MEDVOL_OK);
            same_geometry(&back, &want, __LINE__);
            CHECK(!memcmp(back.data, want.data, 4 * mv_volume_count(&want))); /* halves: exact */
            mv_cuda_volume_free(&gpu, &d);
            /* as it is, and back into the view */
            mv_convert_opt raw;
            memset(&raw, 0, sizeof raw);
            raw.keep_scaling = 1;
            CHECK_STATUS(mv_cuda_upload(&gpu, &d, &a.host, MEDVOL_NONE, &raw), MEDVOL_OK);
            CHECK(d.dtype == MEDVOL_I16 && d.slope == 0.5 && d.inter == 3);
            unsigned char *old = (unsigned char *)malloc(a.bytes);
            memcpy(old, a.block, a.bytes);
            each(&a.host, [&](unsigned char *p) { p[0] = p[1] = 0; });
            CHECK_STATUS(mv_cuda_download(&gpu, &a.host, &d, MEDVOL_NONE, &raw), MEDVOL_OK);
            CHECK(!memcmp(old, a.block, a.bytes));
            /* from a view on the device, with conversion on the way */
            mv_volume_free(&cpu, &back);
            CHECK_STATUS(mv_cuda_download(&gpu, &back, &a.device, MEDVOL_F32, NULL), MEDVOL_OK);
            CHECK(!memcmp(back.data, want.data, 4 * mv_volume_count(&want)));
            /* into a view on the device */
            CHECK_STATUS(mv_cuda_upload(&gpu, &a.device, &a.host, MEDVOL_NONE, &raw), MEDVOL_OK);
            CHECK_STATUS(mv_cuda_sync(&gpu), MEDVOL_OK);
            same(&a, 0, 0, __LINE__);
            free(old);
            mv_volume_free(&cpu, &back), mv_volume_free(&cpu, &want);
            mv_cuda_volume_free(&gpu, &d);
            twin_free(&a);
        }
}
static double of_others(void) { /* seconds that other threads of this process have worked */
    struct timespec all, mine;
    if (clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &all) || clock_gettime(CLOCK_THREAD_CPUTIME_ID, &mine)) return 0;
    return (double)(all.tv_sec - mine.tv_sec) + 1e-9 * (double)(all.tv_nsec - mine.tv_nsec);
}
static void test_staging(void) { /* more than both buffers hold; pinned memory of both kinds */
    const size_t n = (size_t)9 << 20, few = (size_t)1 << 20;
    mv_volume h, d, back, part;
    double others[3];
    float *x, *pin = NULL;
    size_t i;
    memset(&h, 0, sizeof h), memset(&d, 0, sizeof d), memset(&back, 0, sizeof back);
    CHECK_STATUS(mv_volume_alloc(&cpu, &h, MEDVOL_F32, 1, &n), MEDVOL_OK);
    for (x = (float *)h.data, i = 0; i < n; i++) x[i] = (float)(int)(i % 100003);
    CHECK_STATUS(mv_volume_wrap(&cpu, &part, h.data, MEDVOL_F32, 1, &few, NULL), MEDVOL_OK);
    others[0] = of_others();
    CHECK_STATUS(mv_cuda_upload(&gpu, &d, &part, MEDVOL_NONE, NULL), MEDVOL_OK);
    others[1] = of_others();
    mv_cuda_volume_free(&gpu, &d);
    CHECK_STATUS(mv_cuda_upload(&gpu, &d, &h, MEDVOL_NONE, NULL), MEDVOL_OK);
    others[2] = of_others();
    if (emulated) { /* 4 MiB by the calling thread alone; 36 MiB by others, too: milliseconds */
        snprintf(about, sizeof about, "%g s of other threads, then %g", others[1] - others[0], others[2] - others[1]);
        CHECK(others[1] - others[0] < 3e-5 && others[2] - others[1] > 1e-4);
    }
    CHECK_STATUS(mv_cuda_download(&gpu, &back, &d, MEDVOL_NONE, NULL), MEDVOL_OK);
    CHECK(!memcmp(h.data, back.data, 4 * n));
    CHECK_STATUS(mv_cuda_host_alloc(&gpu, (void **)&pin, 4 * n), MEDVOL_OK);
    mv_volume_free(&cpu, &back);
    CHECK_STATUS(mv_volume_wrap(&cpu, &back, pin, MEDVOL_F32, 1, &n, NULL), MEDVOL_OK);
    memset(pin, 0, 4 * n);
    CHECK_STATUS(mv_cuda_download(&gpu, &back, &d, MEDVOL_NONE, NULL), MEDVOL_OK);
    CHECK_STATUS(mv_cuda_sync(&gpu), MEDVOL_OK);
    CHECK(!memcmp(h.data, pin, 4 * n));
    CHECK_STATUS(mv_cuda_host_free(&gpu, pin), MEDVOL_OK);
    CHECK_STATUS(mv_cuda_host_register(&gpu, h.data, 4 * n), MEDVOL_OK);
    for (i = 0; i < n; i++) x[i] = -x[i];
    CHECK_STATUS(mv_cuda_upload(&gpu, &d, &h, MEDVOL_NONE, NULL), MEDVOL_OK);
    CHECK_STATUS(mv_cuda_sync(&gpu), MEDVOL_OK);
    CHECK_STATUS(mv_cuda_host_unregister(&gpu, h.data), MEDVOL_OK);
    memset(&back, 0, sizeof back);
    CHECK_STATUS(mv_cuda_download(&gpu, &back, &d, MEDVOL_NONE, NULL), MEDVOL_OK);
    CHECK(!memcmp(h.data, back.data, 4 * n));
    mv_volume_free(&cpu, &back), mv_cuda_volume_free(&gpu, &d);
    { /* rows with gaps, cut anywhere by threads and buffers */
        const size_t dim[2] = {1001, 8999};
        const ptrdiff_t step[2] = {1, 1009};
        size_t bad = 0;
        CHECK_STATUS(mv_volume_wrap(&cpu, &back, h.data, MEDVOL_F32, 2, dim, step), MEDVOL_OK);
        CHECK_STATUS(mv_cuda_upload(&gpu, &d, &back, MEDVOL_NONE, NULL), MEDVOL_OK);
        for (i = 0; i < n; i++) x[i] = 7.0f;
        CHECK_STATUS(mv_cuda_download(&gpu, &back, &d, MEDVOL_NONE, NULL), MEDVOL_OK);
        for (i = 0; i < n; i++)
            bad += x[i] != (i % 1009 < 1001 && i / 1009 < 8999 ? -(float)(int)(i % 100003) : 7.0f);
        CHECK(bad == 0);
    }
    mv_volume_free(&cpu, &h);
    mv_cuda_volume_free(&gpu, &d);
}

/* ---- statistics ---- */
static int near(double a, double b, double rel, double level) {
    if (a == b || (a != a && b != b)) return 1;
    return fabs(a - b) <= rel * fmax(fmax(fabs(a), fabs(b)), level);
}
static void same_stats(const mv_statistics *a, const mv_statistics *b, int line) {
    const double level = fabs(b->mean) + b->sd, all = level * (double)b->count;
    keep(a, sizeof *a);
    int ok = a->count == b->count && a->nan == b->nan && a->inf == b->inf && near(a->min, b->min, 0, 0) &&
             near(a->max, b->max, 0, 0) && near(a->sum, b->sum, 1e-12, all) && near(a->mean, b->mean, 1e-12, level) &&
             near(a->variance, b->variance, 1e-11, 0) && near(a->variance_sample, b->variance_sample, 1e-11, 0) &&
             near(a->sd, b->sd, 1e-11, 0) && near(a->sd_sample, b->sd_sample, 1e-11, 0) &&
             near(a->rms, b->rms, 1e-11, 0);
    if (!ok) snprintf(said, sizeof said, "count %llu %llu, min %g %g, max %g %g, mean %.17g %.17g, variance %.17g %.17g",
                      (unsigned long long)a->count, (unsigned long long)b->count, a->min, b->min, a->max, b->max,
                      a->mean, b->mean, a->variance, b->variance);
    check(ok, ok ? "" : said, line);
}
/* A mask of kind k: none, u8 like the volume, of one plane, float with scaling */
static const mv_volume *mask_for(twin *m, const shape *s, int k, int on_device) {
    shape one = *s;
    if (k == 0) return NULL;
    if (!m->block) {
        int d;
        if (k == 2)
            for (d = 1; d < one.ndim; d++) one.dim[d] = 1;
        twin_make(m, k == 3 ? MEDVOL_F32 : MEDVOL_U8, &one, k == 3 ? VIEW : PLAIN);
        each(&m->host, [&](unsigned char *p) {
            const double x = draw() % 3 ? 2.0 : k == 3 && draw() % 2 ? (double)NAN : k == 3 ? -1.0 : 0.0;
            mv_convert_array(NULL, p, m->host.dtype, &x, MEDVOL_F64, 1, 1.0, 0.0);
        });
        send(m);
        if (k == 3) scale(m, 1, 1);
    }
    return on_device ? &m->device : &m->host;
}
template <class F> static void choices(F f) { /* types, shapes, layouts, masks, splits in turn */
    int i, j, k = 0;
    for (i = 0; i < TYPES; i++)
        for (j = 0; j < SHAPES; j++, k++) {
            const shape *s = &shapes[j];
            twin a, m;
            int split = k % 4 == 3 ? 1 + k / 4 % s->ndim : 0;
            if (spared()) continue;
            if (split && s->dim[split - 1] > 64) split = 0;
            twin_make(&a, types[i], s, (k + k / 3) % LAYOUTS);
            memset(&m, 0, sizeof m);
            fill(&a, k % 3);
            if (k % 5 == 1) scale(&a, 0.5, -10);
            if (k % 5 == 2) scale(&a, -0.3, 2.7);
            f(&a, &m, s, k, split);
            if (m.block) twin_free(&m);
            twin_free(&a);
        }
}
static void test_stats(void) {
    choices([&](twin *a, twin *m, const shape *s, int k, int split) {
        static mv_statistics want[512], got[512];
        const size_t parts = split ? s->dim[split - 1] : 1;
        mv_stats_opt o;
        mv_status st;
        memset(&o, 0, sizeof o);
        o.nonzero = k % 2, o.split = split;
        o.mask = mask_for(m, s, k % 4, 0);
        st = mv_stats(&cpu, want, &a->host, &o);
        o.mask = mask_for(m, s, k % 4, 1);
        CHECK_STATUS(mv_cuda_stats_wait(&gpu, got, &a->device, &o), st);
        for (size_t i = 0; i < parts && st == MEDVOL_OK; i++) same_stats(&got[i], &want[i], __LINE__);
    });
    { /* far from 0; constant; the array calls, on the device */
        const size_t n = 40001;
        shape s = {1, {n}};
        twin a;
        mv_statistics want, got, *there = NULL;
        double x[2] = {1e8 / 3, 1e8 / 3 + 1};
        twin_make(&a, MEDVOL_F64, &s, PLAIN);
        each(&a.host, [&](unsigned char *p) { memcpy(p, &x[draw() % 2], 8); });
        send(&a);
        CHECK_STATUS(mv_stats(&cpu, &want, &a.host, NULL), MEDVOL_OK);
        CHECK(dev_new(&there, sizeof got));
        CHECK_STATUS(mv_cuda_stats_array(&gpu, there, a.device.data, MEDVOL_F64, n, 1, 0, NULL), MEDVOL_OK);
        CHECK_STATUS(mv_cuda_sync(&gpu), MEDVOL_OK);
        CHECK(dev_get(&got, there, sizeof got));
        same_stats(&got, &want, __LINE__);
        CHECK_STATUS(mv_cuda_stats(&gpu, &got, &a.device, NULL), MEDVOL_E_POINTER);
        dev_free(there);
        twin_free(&a);
    }
}
static void test_percentiles(void) {
    static const double q[] = {0, 100, 50, 99.5, 12.34, 50.000001, 3};
    choices([&](twin *a, twin *m, const shape *s, int k, int split) {
        static double want[512 * 7], got[512 * 7];
        const size_t parts = split ? s->dim[split - 1] : 1, nq = k % 3 ? 7 : 1;
        mv_percentile_opt o;
        mv_status st;
        memset(&o, 0, sizeof o);
        o.nonzero = k % 2, o.split = split, o.rule = k / 2 % 5;
        o.mask = mask_for(m, s, k % 4, 0);
        st = mv_percentiles(&cpu, want, &a->host, q, nq, &o);
        o.mask = mask_for(m, s, k % 4, 1);
        CHECK_STATUS(mv_cuda_percentiles_wait(&gpu, got, &a->device, q, nq, &o), st);
        for (size_t i = 0; i < parts * nq && st == MEDVOL_OK; i++) CHECK(near(got[i], want[i], 0, 0));
    });
}
static void test_mad(void) {
    choices([&](twin *a, twin *m, const shape *s, int k, int split) {
        double want[2][512], got[2][512], *there = NULL;
        const size_t parts = split ? s->dim[split - 1] : 1;
        mv_percentile_opt o;
        mv_status st, is;
        memset(&o, 0, sizeof o);
        o.nonzero = k % 2, o.split = split;
        o.mask = mask_for(m, s, k % 4, 0);
        CHECK(dev_new(&there, sizeof got));
        st = mv_mad(&cpu, want[0], want[1], &a->host, &o);
        o.mask = mask_for(m, s, k % 4, 1);
        is = mv_cuda_mad(&gpu, there, there + 512, &a->device, &o);
        if (is == MEDVOL_OK) is = mv_cuda_sync(&gpu);
        CHECK_STATUS(is, st);
        CHECK(st < 0 || (dev_get(got[0], there, parts * 8) && dev_get(got[1], there + 512, parts * 8)));
        for (size_t i = 0; i < parts && st == MEDVOL_OK; i++)
            CHECK(near(got[0][i], want[0][i], 0, 0) && near(got[1][i], want[1][i], 0, 0));
        dev_free(there);
    });
}
static void test_histogram(void) {
    static const size_t bins[] = {1, 7, 256, 5000, 20000};
    choices([&](twin *a, twin *m, const shape *s, int k, int) {
        static uint64_t want[20000], got[20000];
        mv_hist w, g;
        mv_histogram_opt o;
        mv_status st;
        double t = 0, u = 0;
        memset(&o, 0, sizeof o), memset(&w, 0, sizeof w), memset(&g, 0, sizeof g);
        o.nonzero = k % 2, o.clamp = k / 2 % 2;
        if (k % 3) o.lo = -20.5, o.hi = 47.25;
        w.counts = want, g.counts = got;
        w.bins = g.bins = bins[k % 5];
        o.mask = mask_for(m, s, k % 4, 0);
        st = mv_histogram(&cpu, &w, &a->host, &o);
        o.mask = mask_for(m, s, k % 4, 1);
        CHECK_STATUS(mv_cuda_histogram_wait(&gpu, &g, &a->device, &o), st);
        if (st < 0) return;
        CHECK(!memcmp(want, got, w.bins * 8) && w.lo == g.lo && w.hi == g.hi && w.below == g.below &&
              w.above == g.above && w.nan == g.nan && w.total == g.total);
        if (o.mask == NULL && a->device.dtype == MEDVOL_F32 && mv_volume_contiguous(&a->device)) {
            const size_t n = mv_volume_count(&a->device);
            unsigned char *p = NULL;
            mv_cuda_hist h;
            CHECK(dev_new(&p, 256 + 8 * w.bins));
            h.bins = w.bins, h.tail = (mv_cuda_hist_tail *)(void *)p, h.counts = (uint64_t *)(void *)(p + 256);
            CHECK_STATUS(mv_histogram_f32(&cpu, &w, (const float *)a->host.data, n, &o), st);
            CHECK_SETTLED(mv_cuda_histogram_f32(&gpu, &h, (const float *)a->device.data, n, &o), st);
            CHECK(dev_get(got, h.counts, 8 * w.bins) && !memcmp(want, got, w.bins * 8));
            dev_free(p);
        }
        { /* and all on the device */
            mv_cuda_hist h;
            unsigned char *p = NULL;
            mv_status is;
            const double before = -7.0; /* stays where there is no threshold */
            CHECK(dev_new(&p, 512 + 8 * w.bins) && dev_put(p + 256, &before, 8));
            h.bins = w.bins, h.tail = (mv_cuda_hist_tail *)(void *)p, h.counts = (uint64_t *)(void *)(p + 512);
            CHECK_STATUS(mv_cuda_histogram(&gpu, &h, &a->device, &o), MEDVOL_OK);
            void *pinned = NULL;
            CHECK_STATUS(mv_cuda_otsu(&gpu, (double *)(void *)(p + 256), &h), MEDVOL_OK);
            CHECK_STATUS(mv_cuda_host_alloc(&gpu, &pinned, 8), MEDVOL_OK);
            CHECK_STATUS(mv_cuda_otsu(&gpu, (double *)pinned, &h), MEDVOL_OK);
            st = mv_otsu(&cpu, &t, &w);
            is = mv_cuda_sync(&gpu);
            CHECK_STATUS(is, st);
            CHECK(dev_get(&u, p + 256, 8));
            CHECK(st < 0 ? u == before : t == u && t == *(double *)pinned);
            CHECK_STATUS(mv_cuda_host_free(&gpu, pinned), MEDVOL_OK);
            dev_free(p);
        }
    });
}

/* ---- maps ---- */
/* The level of what may cancel: 2 ulp of it are allowed. */
static void test_znorm(void) {
    int i, j, k = 0;
    for (i = 0; i < TYPES; i++)
        for (j = 0; j < SHAPES; j++, k++) {
            const shape *s = &shapes[j];
            twin m;
            mv_znorm_opt o, u;
            memset(&o, 0, sizeof o), memset(&m, 0, sizeof m);
            o.nonzero = k % 2, o.sample = k / 2 % 2, o.split = k % 4 == 3 ? 1 + k / 4 % s->ndim : 0;
            if (o.split && s->dim[o.split - 1] > 64) o.split = 0;
            if (k % 7 == 3) o.given_mean = 1, o.mean = 12.25;
            if (k % 7 == 4) o.given_sd = 1, o.sd = 3.5;
            u = o;
            o.mask = mask_for(&m, s, k % 4, 0), u.mask = mask_for(&m, s, k % 4, 1);
            MAP(s, types[i], k % 5 ? MEDVOL_F32 : types[(k / 5) % TYPES], k % LAYOUTS, k / 2 % WAYS, k % 3,
                k % 5 == 1 ? 0.5 : 0, -10, 2, 0.2, mv_znorm(&cpu, d, v, &o), mv_cuda_znorm(&gpu, d, v, &u));
            if (m.block) twin_free(&m);
        }
    { /* a constant, far away */
        shape s = {1, {40000}};
        MAP(&s, MEDVOL_F32, MEDVOL_F32, PLAIN, INTO, 0, 0, 0, 0, 0,
            (each(v, [&](unsigned char *p) { const float x = 0.1f; memcpy(p, &x, 4); }), mv_znorm(&cpu, d, v, NULL)),
            ([&]() {
                float *x = (float *)malloc(160000);
                for (int q = 0; q < 40000; q++) x[q] = 0.1f;
                dev_put(v->data, x, 160000);
                free(x);
                return mv_cuda_znorm(&gpu, d, v, NULL);
            }()));
    }
}
static void test_rescale(void) {
    int i, j, k = 0;
    for (i = 0; i < TYPES; i++)
        for (j = 0; j < SHAPES; j++, k++) {
            const shape *s = &shapes[j];
            twin m;
            mv_rescale_opt o, u;
            memset(&o, 0, sizeof o), memset(&m, 0, sizeof m);
            o.nonzero = k % 2, o.split = k % 4 == 3 ? 1 + k / 4 % s->ndim : 0, o.range = k % 3, o.clip = k / 3 % 2;
            if (o.split && s->dim[o.split - 1] > 64) o.split = 0;
            if (o.range == MEDVOL_RANGE_GIVEN) o.lo = -3.5, o.hi = 41;
            if (o.range == MEDVOL_RANGE_PERCENTILE) o.lo = 1, o.hi = 99;
            u = o;
            o.mask = mask_for(&m, s, k % 4, 0), u.mask = mask_for(&m, s, k % 4, 1);
            MAP(s, types[i], k % 5 ? MEDVOL_F32 : types[(k / 5) % TYPES], k % LAYOUTS, k / 2 % WAYS, k % 5 == 4 ? 2 : 1,
                k % 5 == 1 ? -0.5 : 0, 7, 2, 255, mv_rescale(&cpu, d, v, 0, 255, &o),
                mv_cuda_rescale(&gpu, d, v, 0, 255, &u));
            if (m.block) twin_free(&m);
        }
}
static void test_limits(void) { /* linear, clamp, threshold: the last two to the bit */
    int i, j, k = 0;
    for (i = 0; i < TYPES; i++)
        for (j = 0; j < SHAPES; j++, k++) {
            const shape *s = &shapes[j];
            const double slope = k % 4 == 1 ? 0.5 : k % 4 == 2 ? -0.25 : 0, inter = 3;
            const mv_dtype to = k % 3 ? types[i] : types[k % TYPES];
            mv_threshold_opt o;
            memset(&o, 0, sizeof o);
            MAP(s, types[i], k % 5 ? MEDVOL_F32 : to, k % LAYOUTS, k % WAYS, 2, slope, inter, 2,
                5, mv_linear(&cpu, d, v, 1.7, -5), mv_cuda_linear(&gpu, d, v, 1.7, -5));
            MAP(s, types[i], to, k % LAYOUTS, k / 2 % WAYS, 2, slope, inter, 0, 0, mv_clamp(&cpu, d, v, 2.3, 31.7),
                mv_cuda_clamp(&gpu, d, v, 2.3, 31.7));
            MAP(s, types[i], to, k % LAYOUTS, k / 3 % WAYS, 2, slope, inter, 0, 0,
                mv_clamp(&cpu, d, v, -INFINITY, 12), mv_cuda_clamp(&gpu, d, v, -INFINITY, 12));
            o.open = k % 2, o.below = 3.25, o.above = k % 3 ? 0 : -7;
            MAP(s, types[i], to, (k + 1) % LAYOUTS, k % WAYS, 2, slope, inter, 0, 0,
                mv_threshold(&cpu, d, v, 8, 32, &o), mv_cuda_threshold(&gpu, d, v, 8, 32, &o));
            o.binary = 1;
            MAP(s, types[i], k % 4 ? MEDVOL_U8 : to, (k + 2) % LAYOUTS, k / 2 % WAYS, 2, slope, inter, 0, 0,
                mv_threshold(&cpu, d, v, 8, 32, &o), mv_cuda_threshold(&gpu, d, v, 8, 32, &o));
        }
}
static void test_gamma(void) {
    int i, j, k = 0;
    for (i = 0; i < TYPES; i++)
        for (j = 0; j < SHAPES; j++, k++) {
            const shape *s = &shapes[j];
            mv_gamma_opt o;
            memset(&o, 0, sizeof o);
            o.mode = k % 3, o.split = k % 4 == 3 ? 1 + k / 4 % s->ndim : 0;
            if (o.split && s->dim[o.split - 1] > 64) o.split = 0;
            MAP(s, types[i], k % 5 ? MEDVOL_F32 : types[(k / 5) % TYPES], k % LAYOUTS, k % WAYS, k % 5 == 4 ? 2 : 1,
                k % 4 == 1 ? 0.5 : 0, 3, 6, o.mode == 1 ? 250 : 0, mv_gamma(&cpu, d, v, k % 2 ? 0.45 : 2.2, &o),
                mv_cuda_gamma(&gpu, d, v, k % 2 ? 0.45 : 2.2, &o));
        }
}
/* Slopes, bounds and powers near the ends of float, and values whose mean lies there: no NaN where medvol.h has a
   number, no infinity where the result is finite. */
static void test_far(void) {
    static const float some[12] = {0.0f,      -0.0f,    1.0f,     -1.0f,   1.7e38f,  -1.6e38f,
                                   3.402e38f, -3.3e38f, 1.5e-45f, 2e-41f,  -6e-40f,  1.17e-38f};
    static const double lines[5][2] = {{1.99, 0}, {2, -1e38}, {1e300, 5}, {-1e-300, 7}, {1e-45, 0}};
    static const double powers[6] = {1e30, 3.5e38, 1e300, 1e6, 4e7, 1e-300};
    const shape s = {1, {12}};
    mv_gamma_opt o;
    mv_rescale_opt r;
    twin a, b;
    int i, k;
    twin_make(&a, MEDVOL_F32, &s, PLAIN), twin_make(&b, MEDVOL_F32, &s, PLAIN);
    memset(&o, 0, sizeof o), memset(&r, 0, sizeof r);
    for (k = 0; k < 3; k++) { /* all, those in 0..1, the least */
        for (i = 0; i < 12; i++) ((float *)a.host.data)[i] = k == 0 ? some[i] : k == 1 ? some[i % 4] : some[8 + i % 4];
        send(&a);
        for (i = 0; i < 5; i++) {
            snprintf(about, sizeof about, "far: values %d, line %g %g", k, lines[i][0], lines[i][1]);
            if (i == 2 && k != 1) continue; /* times so much, a value below all normal floats may be finite */
            CHECK_STATUS(mv_linear(&cpu, &b.host, &a.host, lines[i][0], lines[i][1]), MEDVOL_OK);
            CHECK_SETTLED(mv_cuda_linear(&gpu, &b.device, &a.device, lines[i][0], lines[i][1]), MEDVOL_OK);
            same(&b, 2, fabs(lines[i][1]), __LINE__);
        }
        for (i = 0; i < 6; i++)
            for (o.mode = 0; o.mode < 3; o.mode += 2) {
                snprintf(about, sizeof about, "far: values %d, power %g, mode %d", k, powers[i], o.mode);
                CHECK_STATUS(mv_gamma(&cpu, &b.host, &a.host, powers[i], &o), MEDVOL_OK);
                CHECK_SETTLED(mv_cuda_gamma(&gpu, &b.device, &a.device, powers[i], &o), MEDVOL_OK);
                same(&b, 6, 0, __LINE__);
            }
        snprintf(about, sizeof about, "far: values %d, z-norm, rescale", k);
        CHECK_STATUS(mv_znorm(&cpu, &b.host, &a.host, NULL), MEDVOL_OK);
        CHECK_SETTLED(mv_cuda_znorm(&gpu, &b.device, &a.device, NULL), MEDVOL_OK);
        same(&b, 2, 1, __LINE__);
        CHECK_STATUS(mv_rescale(&cpu, &b.host, &a.host, -3, 5, &r), MEDVOL_OK);
        CHECK_SETTLED(mv_cuda_rescale(&gpu, &b.device, &a.device, -3, 5, &r), MEDVOL_OK);
        same(&b, 2, 3, __LINE__);
    }
    twin_free(&a), twin_free(&b);
}
static void test_arrays(void) { /* the calls on plain pointers */
    const size_t n = 1003;
    shape s = {1, {n}};
    twin a, b, m;
    float *x, *y;
    mv_znorm_opt z;
    mv_rescale_opt r;
    mv_statistics *st = NULL, got, want;
    double p[2], *dp = NULL;
    const double q[2] = {25, 75};
    twin_make(&a, MEDVOL_F32, &s, SHIFTED), twin_make(&b, MEDVOL_F32, &s, PLAIN), twin_make(&m, MEDVOL_U8, &s, SHIFTED);
    fill(&a, 1), fill(&m, 1);
    x = (float *)a.device.data, y = (float *)b.device.data;
    memset(&z, 0, sizeof z), memset(&r, 0, sizeof r);
#define ARRAYS(ulp, level, C, G) (CHECK_STATUS(C, MEDVOL_OK), CHECK_STATUS(G, MEDVOL_OK), CHECK_STATUS(mv_cuda_sync(&gpu), MEDVOL_OK), same(&b, ulp, level, __LINE__))
    mv_znorm_opt zh = z, zd = z;
    zh.mask8 = (const uint8_t *)m.host.data, zd.mask8 = (const uint8_t *)m.device.data;
    ARRAYS(3, 0.2, mv_znorm_f32(&cpu, (float *)b.host.data, (float *)a.host.data, n, &zh), mv_cuda_znorm_f32(&gpu, y, x, n, &zd));
    ARRAYS(3, 1, mv_rescale_f32(&cpu, (float *)b.host.data, (float *)a.host.data, n, 0, 1, &r), mv_cuda_rescale_f32(&gpu, y, x, n, 0, 1, &r));
    ARRAYS(3, 9, mv_linear_f32(&cpu, (float *)b.host.data, (float *)a.host.data, n, 3, 9), mv_cuda_linear_f32(&gpu, y, x, n, 3, 9));
    ARRAYS(0, 0, mv_clamp_f32(&cpu, (float *)b.host.data, (float *)a.host.data, n, 3, 9), mv_cuda_clamp_f32(&gpu, y, x, n, 3, 9));
    ARRAYS(0, 0, mv_threshold_f32(&cpu, (float *)b.host.data, (float *)a.host.data, n, 3, 9, NULL), mv_cuda_threshold_f32(&gpu, y, x, n, 3, 9, NULL));
    ARRAYS(8, 0, mv_gamma_f32(&cpu, (float *)b.host.data, (float *)a.host.data, n, 2, NULL), mv_cuda_gamma_f32(&gpu, y, x, n, 2, NULL));
    CHECK(dev_new(&st, sizeof got) && dev_new(&dp, 16));
    CHECK_STATUS(mv_stats_f32(&cpu, &want, (float *)a.host.data, n, NULL), MEDVOL_OK);
    CHECK_STATUS(mv_cuda_stats_f32(&gpu, st, x, n, NULL), MEDVOL_OK);
    CHECK_STATUS(mv_cuda_percentiles_f32(&gpu, dp, x, n, q, 2, NULL), MEDVOL_OK);
    CHECK_STATUS(mv_cuda_sync(&gpu), MEDVOL_OK);
    CHECK(dev_get(&got, st, sizeof got));
    CHECK(dev_get(p, dp, 16));
    same_stats(&got, &want, __LINE__);
    double w[2];
    CHECK_STATUS(mv_percentiles_f32(&cpu, w, (float *)a.host.data, n, q, 2, NULL), MEDVOL_OK);
    CHECK(p[0] == w[0] && p[1] == w[1]);
    CHECK_STATUS(mv_cuda_median(&gpu, dp, &a.device, NULL), MEDVOL_OK);
    CHECK_STATUS(mv_median(&cpu, w, &a.host, NULL), MEDVOL_OK);
    CHECK_STATUS(mv_cuda_sync(&gpu), MEDVOL_OK);
    CHECK(dev_get(p, dp, 8) && p[0] == w[0]);
    dev_free(st), dev_free(dp);
    twin_free(&a), twin_free(&b), twin_free(&m);
}

/* ---- what must be refused ---- */
static void test_refused(void) {
    shape s = {3, {5, 4, 3}}, other = {3, {5, 4, 2}};
    twin a, b, c, rgb;
    mv_volume none, wild;
    mv_stats_opt so;
    mv_znorm_opt z;
    mv_rescale_opt r;
    mv_gamma_opt g;
    mv_statistics out;
    mv_hist h;
    mv_cuda_hist dh;
    uint64_t counts[4];
    double q = 50, t[4];
    static const size_t vast[3] = {(size_t)1 << 31, (size_t)1 << 31, 4};
    mv_histogram_opt ho;
    mv_percentile_opt rule;
    mv_threshold_opt to;
    mv_convert_opt co;
    mv_volume none2;
    void *block;
    memset(&ho, 0, sizeof ho), memset(&rule, 0, sizeof rule), memset(&to, 0, sizeof to), memset(&co, 0, sizeof co);
    memset(&none2, 0, sizeof none2);
    twin_make(&a, MEDVOL_F32, &s, PLAIN), twin_make(&b, MEDVOL_F32, &s, PLAIN);
    twin_make(&c, MEDVOL_F32, &other, PLAIN), twin_make(&rgb, MEDVOL_RGB24, &s, PLAIN);
    fill(&a, 0), fill(&b, 0);
    memset(&none, 0, sizeof none), memset(&so, 0, sizeof so), memset(&z, 0, sizeof z), memset(&r, 0, sizeof r);
    memset(&g, 0, sizeof g), memset(&h, 0, sizeof h);
    CHECK_STATUS(mv_cuda_znorm(NULL, &b.device, &a.device, NULL), MEDVOL_E_NULL);
    CHECK_STATUS(mv_cuda_znorm(&gpu, NULL, &a.device, NULL), MEDVOL_E_NULL);
    CHECK(strstr(mv_cuda_message(&gpu), "znorm") && gpu.error.code == MEDVOL_E_NULL);
    CHECK_STATUS(mv_cuda_znorm(&gpu, &b.device, NULL, NULL), MEDVOL_E_NULL);
    CHECK_STATUS(mv_cuda_znorm(&gpu, &b.device, &none, NULL), MEDVOL_E_NULL);
    CHECK_STATUS(mv_cuda_znorm(&gpu, &b.device, &a.host, NULL), MEDVOL_E_POINTER);
    CHECK_STATUS(mv_cuda_znorm(&gpu, &b.host, &a.device, NULL), MEDVOL_E_POINTER);
    CHECK_STATUS(mv_cuda_znorm(&gpu, &c.device, &a.device, NULL), MEDVOL_E_SHAPE);
    CHECK_STATUS(mv_cuda_znorm(&gpu, &b.device, &rgb.device, NULL), MEDVOL_E_DTYPE);
    CHECK_STATUS(mv_cuda_znorm(&gpu, &rgb.device, &a.device, NULL), MEDVOL_E_DTYPE);
    wild = a.device, wild.dim[1] = 3, wild.data = (float *)a.device.data + 5;
    none = a.device, none.dim[1] = 3;
    CHECK_STATUS(mv_cuda_znorm(&gpu, &wild, &none, NULL), MEDVOL_E_ALIAS);
    wild = a.device, wild.stride[1] = 2;
    CHECK_STATUS(mv_cuda_znorm(&gpu, &b.device, &wild, NULL), MEDVOL_E_SHAPE);
    wild = a.device, wild.ndim = 8;
    CHECK_STATUS(mv_cuda_znorm(&gpu, &b.device, &wild, NULL), MEDVOL_E_RANGE);
    wild = a.device, wild.dim[2] = 0;
    CHECK_STATUS(mv_cuda_znorm(&gpu, &b.device, &wild, NULL), MEDVOL_E_SIZE);
    z.given_sd = 1;
    CHECK_STATUS(mv_cuda_znorm(&gpu, &b.device, &a.device, &z), MEDVOL_E_RANGE);
    z.given_sd = 0, z.split = 4;
    CHECK_STATUS(mv_cuda_znorm(&gpu, &b.device, &a.device, &z), MEDVOL_E_RANGE);
    z.split = 0, z.mask = &c.device;
    CHECK_STATUS(mv_cuda_znorm(&gpu, &b.device, &a.device, &z), MEDVOL_E_SHAPE);
    z.mask = &a.host;
    CHECK_STATUS(mv_cuda_znorm(&gpu, &b.device, &a.device, &z), MEDVOL_E_POINTER);
    CHECK_STATUS(mv_cuda_rescale(&gpu, &b.device, &a.device, 1, 0, &r), MEDVOL_E_RANGE);
    r.range = 3;
    CHECK_STATUS(mv_cuda_rescale(&gpu, &b.device, &a.device, 0, 1, &r), MEDVOL_E_RANGE);
    r.range = MEDVOL_RANGE_PERCENTILE, r.lo = 50, r.hi = 20;
    CHECK_STATUS(mv_cuda_rescale(&gpu, &b.device, &a.device, 0, 1, &r), MEDVOL_E_RANGE);
    CHECK_STATUS(mv_cuda_linear(&gpu, &b.device, &a.device, NAN, 0), MEDVOL_E_RANGE);
    CHECK_STATUS(mv_cuda_clamp(&gpu, &b.device, &a.device, 2, 1), MEDVOL_E_RANGE);
    CHECK_STATUS(mv_cuda_clamp(&gpu, &b.device, &a.device, NAN, 1), MEDVOL_E_RANGE);
    CHECK_STATUS(mv_cuda_threshold(&gpu, &b.device, &a.device, 2, 1, NULL), MEDVOL_E_RANGE);
    CHECK_STATUS(mv_cuda_gamma(&gpu, &b.device, &a.device, 0, NULL), MEDVOL_E_RANGE);
    g.mode = 3;
    CHECK_STATUS(mv_cuda_gamma(&gpu, &b.device, &a.device, 1, &g), MEDVOL_E_RANGE);
    CHECK_STATUS(mv_cuda_stats_wait(&gpu, NULL, &a.device, NULL), MEDVOL_E_NULL);
    so.mask8 = (const uint8_t *)a.device.data;
    CHECK_STATUS(mv_cuda_stats_wait(&gpu, &out, &a.device, &so), MEDVOL_E_RANGE);
    q = 101;
    CHECK_STATUS(mv_cuda_percentiles_wait(&gpu, t, &a.device, &q, 1, NULL), MEDVOL_E_RANGE);
    CHECK_STATUS(mv_cuda_percentiles_wait(&gpu, t, &a.device, &q, 0, NULL), MEDVOL_E_SIZE);
    h.counts = counts;
    CHECK_STATUS(mv_cuda_histogram_wait(&gpu, &h, &a.device, NULL), MEDVOL_E_SIZE);
    dh.bins = 2, dh.counts = counts, dh.tail = NULL;
    CHECK_STATUS(mv_cuda_histogram(&gpu, &dh, &a.device, NULL), MEDVOL_E_POINTER);
    h.bins = 4, ho.lo = 2, ho.hi = 1;
    CHECK_STATUS(mv_cuda_histogram_wait(&gpu, &h, &a.device, &ho), MEDVOL_E_RANGE);
    dh.bins = 0, dh.counts = (uint64_t *)a.device.data, dh.tail = (mv_cuda_hist_tail *)a.device.data;
    CHECK_STATUS(mv_cuda_otsu(&gpu, (double *)b.device.data, &dh), MEDVOL_E_RANGE);
    rule.rule = 5, q = 50;
    CHECK_STATUS(mv_cuda_percentiles_wait(&gpu, t, &a.device, &q, 1, &rule), MEDVOL_E_RANGE);
    z.mask = NULL, z.given_mean = 1, z.mean = NAN;
    CHECK_STATUS(mv_cuda_znorm(&gpu, &b.device, &a.device, &z), MEDVOL_E_RANGE);
    r.range = MEDVOL_RANGE_GIVEN, r.lo = r.hi = 1;
    CHECK_STATUS(mv_cuda_rescale(&gpu, &b.device, &a.device, 0, 1, &r), MEDVOL_E_RANGE);
    to.below = NAN;
    CHECK_STATUS(mv_cuda_threshold(&gpu, &b.device, &a.device, 0, 1, &to), MEDVOL_E_RANGE);
    wild = a.device, wild.dtype = MEDVOL_I32;
    CHECK_STATUS(mv_cuda_clamp(&gpu, &wild, &wild, 0.25, 0.75), MEDVOL_E_RANGE); /* no whole number lies there */
    co.slope = INFINITY;
    CHECK_STATUS(mv_cuda_convert(&gpu, &b.device, &a.device, MEDVOL_F32, &co), MEDVOL_E_RANGE);
    CHECK_STATUS(mv_cuda_download(&gpu, &c.host, &a.device, MEDVOL_F32, NULL), MEDVOL_E_SHAPE);
    CHECK_STATUS(mv_cuda_download(&gpu, &b.host, &a.device, MEDVOL_F64, NULL), MEDVOL_E_DTYPE);
    CHECK_STATUS(mv_cuda_host_alloc(&gpu, &block, 0), MEDVOL_E_SIZE);
    CHECK_STATUS(mv_cuda_host_register(&gpu, counts, 0), MEDVOL_E_SIZE);
    CHECK_STATUS(mv_cuda_volume_alloc(&gpu, &none2, MEDVOL_F32, 3, vast), MEDVOL_E_SIZE);
    wild = a.device, wild.dim[4] = 2;
    CHECK_STATUS(mv_cuda_linear(&gpu, &b.device, &wild, 1, 0), MEDVOL_E_SHAPE);
    wild = a.device, wild.stride[2] = PTRDIFF_MAX / 4;
    CHECK_STATUS(mv_cuda_linear(&gpu, &b.device, &wild, 1, 0), MEDVOL_E_SIZE);
    CHECK_STATUS(mv_cuda_stats_f32(&gpu, &out, NULL, 4, NULL), MEDVOL_E_NULL);
    CHECK_STATUS(mv_cuda_linear_f32(&gpu, (float *)b.device.data, (float *)a.device.data, 0, 1, 0), MEDVOL_E_SIZE);
    CHECK_STATUS(mv_cuda_volume_wrap(&gpu, &wild, (char *)a.device.data + 1, MEDVOL_F32, 1, s.dim, NULL), MEDVOL_E_POINTER);
    CHECK_STATUS(mv_cuda_volume_wrap(&gpu, &wild, counts, MEDVOL_F32, 1, s.dim, NULL), MEDVOL_E_POINTER);
    CHECK_STATUS(mv_cuda_upload(&gpu, &b.device, &a.device, MEDVOL_NONE, NULL), MEDVOL_E_POINTER);
    CHECK_STATUS(mv_cuda_download(&gpu, &b.host, &a.host, MEDVOL_NONE, NULL), MEDVOL_E_POINTER);
    CHECK_STATUS(mv_cuda_sync(&gpu), MEDVOL_OK);
    { /* dst was not touched by any of them */
        same(&b, 0, 0, __LINE__);
    }
    { /* nothing is left to choose: told by sync, dst as it was */
        const float nan = NAN;
        each(&a.host, [&](unsigned char *p) { memcpy(p, &nan, 4); });
        send(&a);
        CHECK_STATUS(mv_cuda_znorm(&gpu, &b.device, &a.device, NULL), MEDVOL_OK);
        CHECK_STATUS(mv_cuda_sync(&gpu), MEDVOL_E_EMPTY);
        CHECK(strstr(mv_cuda_message(&gpu), "znorm"));
        CHECK_STATUS(mv_cuda_sync(&gpu), MEDVOL_OK);
        same(&b, 0, 0, __LINE__);
        memset(&r, 0, sizeof r);
        CHECK_STATUS(mv_cuda_rescale(&gpu, &b.device, &a.device, 0, 1, &r), MEDVOL_OK);
        CHECK_STATUS(mv_cuda_sync(&gpu), MEDVOL_E_EMPTY);
        r.range = MEDVOL_RANGE_PERCENTILE, r.lo = 1, r.hi = 99;
        CHECK_STATUS(mv_cuda_rescale(&gpu, &b.device, &a.device, 0, 1, &r), MEDVOL_OK);
        CHECK_STATUS(mv_cuda_sync(&gpu), MEDVOL_E_EMPTY);
        g.mode = MEDVOL_GAMMA_NORMALISED;
        CHECK_STATUS(mv_cuda_gamma(&gpu, &b.device, &a.device, 2, &g), MEDVOL_OK);
        CHECK_STATUS(mv_cuda_sync(&gpu), MEDVOL_E_EMPTY);
        same(&b, 0, 0, __LINE__);
        CHECK_STATUS(mv_cuda_stats_wait(&gpu, &out, &a.device, NULL), MEDVOL_E_EMPTY);
        { /* histograms stay, too; and where dst is src, of a type that it then no longer has */
            const uint64_t before[4] = {3, 1, 4, 1};
            unsigned char *p = NULL;
            const shape one = {1, {77}};
            mv_volume w;
            twin whole, zero;
            CHECK(dev_new(&p, 512) && dev_put(p, before, sizeof before));
            dh.bins = 4, dh.counts = (uint64_t *)(void *)p, dh.tail = (mv_cuda_hist_tail *)(void *)(p + 256);
            CHECK_SETTLED(mv_cuda_histogram(&gpu, &dh, &a.device, NULL), MEDVOL_E_EMPTY);
            CHECK(dev_get(counts, p, sizeof counts) && !memcmp(counts, before, sizeof counts));
            dev_free(p);
            twin_make(&whole, MEDVOL_I32, &one, PLAIN), twin_make(&zero, MEDVOL_U8, &one, PLAIN);
            memset(zero.block, 0, zero.bytes);
            send(&zero);
            memset(&z, 0, sizeof z);
            z.mask = &zero.device;
            w = whole.device;
            CHECK_SETTLED(mv_cuda_znorm(&gpu, &w, &w, &z), MEDVOL_E_EMPTY);
            CHECK(w.data == whole.device.data && w.dtype == MEDVOL_F32);
            same(&whole, 0, 0, __LINE__);
            twin_free(&whole), twin_free(&zero);
        }
        { /* of numbers: those of one index of three */
            double *there = NULL, got[4];
            mv_statistics *all = NULL, some[4];
            mv_percentile_opt po;
            float x = 0;
            memset(&po, 0, sizeof po), memset(&so, 0, sizeof so);
            q = 50;
            each(&a.host, [&](unsigned char *p) { x += 1, memcpy(p, x <= 20 || x > 40 ? &x : &nan, 4); });
            send(&a);
            CHECK(dev_new(&there, sizeof got) && dev_new(&all, sizeof some));
            so.split = po.split = 3;
            CHECK_SETTLED(mv_cuda_stats(&gpu, all, &a.device, &so), MEDVOL_E_EMPTY);
            CHECK_SETTLED(mv_cuda_percentiles(&gpu, there, &a.device, &q, 1, &po), MEDVOL_E_EMPTY);
            CHECK(dev_get(got, there, 3 * sizeof *got) && dev_get(some, all, 3 * sizeof *some));
            CHECK(some[0].mean == 10.5 && some[1].count == 0 && some[1].nan == 20 && some[2].mean == 50.5);
            CHECK(got[0] == 10.5 && got[1] != got[1] && got[2] == 50.5);
            CHECK_SETTLED(mv_cuda_mad(&gpu, there, NULL, &a.device, &po), MEDVOL_E_EMPTY);
            CHECK(dev_get(got, there, 3 * sizeof *got) && got[0] == got[2] && got[1] != got[1] && got[0] > 7);
            so.split = 0;
            dev_free(there), dev_free(all);
            each(&a.host, [&](unsigned char *p) { memcpy(p, &nan, 4); });
            send(&a);
        }
        /* a call that is refused for its dst leaves nothing to be told */
        CHECK_STATUS(mv_cuda_znorm(&gpu, &c.device, &a.device, NULL), MEDVOL_E_SHAPE);
        CHECK_STATUS(mv_cuda_sync(&gpu), MEDVOL_OK);
        CHECK_STATUS(mv_cuda_rescale(&gpu, &c.device, &a.device, 0, 1, &r), MEDVOL_E_SHAPE);
        CHECK_STATUS(mv_cuda_sync(&gpu), MEDVOL_OK);
        r.range = MEDVOL_RANGE_DATA;
        CHECK_STATUS(mv_cuda_rescale(&gpu, &rgb.device, &a.device, 0, 1, &r), MEDVOL_E_DTYPE);
        CHECK_STATUS(mv_cuda_sync(&gpu), MEDVOL_OK);
        CHECK_STATUS(mv_cuda_gamma(&gpu, &c.device, &a.device, 2, &g), MEDVOL_E_SHAPE);
        CHECK_STATUS(mv_cuda_sync(&gpu), MEDVOL_OK);
    }
    { /* a copy onto the same memory under another name */
        wild = a.device;
        CHECK_STATUS(mv_cuda_volume_copy(&gpu, &wild, &a.device), MEDVOL_E_ALIAS);
        CHECK_SETTLED(mv_cuda_volume_copy(&gpu, &a.device, &a.device), MEDVOL_OK);
    }
    { /* a volume that cannot be made changes nothing */
        const mv_volume before = b.device;
        CHECK_STATUS(mv_cuda_volume_alloc(&gpu, &b.device, MEDVOL_NONE, 3, s.dim), MEDVOL_E_DTYPE);
        CHECK(!memcmp(&before, &b.device, sizeof before));
    }
    twin_free(&a), twin_free(&b), twin_free(&c), twin_free(&rgb);
}

/* ---- contexts ---- */
static int hook_live, hook_fail;
static void *hook_alloc(void *, size_t bytes, mv_cuda_stream) {
    void *p = dev_alloc((size_t)-1 / 4); /* in vain, as before a cache is emptied: CUDA's error is left behind */
    if (hook_fail && !--hook_fail) return NULL;
    if (!dev_new(&p, bytes)) return NULL;
    hook_live++;
    return p;
}
static void hook_free(void *, void *p, size_t, mv_cuda_stream stream) {
    dev_stream_wait(stream);
    dev_free(p);
    hook_live--;
}
static void test_hooks(void) {
    mv_cuda_desc desc;
    mv_cuda_ctx ctx;
    mv_cuda_volume d, e;
    twin a;
    int n;
    memset(&desc, 0, sizeof desc);
    desc.mem_alloc = hook_alloc;
    CHECK_STATUS(mv_cuda_ctx_init(&ctx, &desc), MEDVOL_E_NULL);
    desc.mem_free = hook_free;
    twin_make(&a, MEDVOL_I16, &shapes[5], VIEW);
    fill(&a, 1);
    for (n = 1; n < 12; n++) { /* the n-th is refused */
        mv_status st;
        hook_fail = n;
        memset(&d, 0, sizeof d), memset(&e, 0, sizeof e);
        st = mv_cuda_ctx_init(&ctx, &desc);
        if (st == MEDVOL_OK) st = mv_cuda_upload(&ctx, &d, &a.host, MEDVOL_F32, NULL);
        if (st == MEDVOL_OK) st = mv_cuda_znorm(&ctx, &e, &d, NULL);
        if (st == MEDVOL_OK) st = mv_cuda_sync(&ctx);
        if (hook_fail == 0) {
            CHECK_STATUS(st, MEDVOL_E_NOMEM);
            CHECK(mv_cuda_message(&ctx)[0]);
        } else CHECK_STATUS(st, MEDVOL_OK);
        mv_cuda_volume_free(&ctx, &d), mv_cuda_volume_free(&ctx, &e);
        mv_cuda_ctx_free(&ctx);
        CHECK(hook_live == 0 && dev_error(0) == 0);
        if (hook_fail) break;
    }
    CHECK(n > 3 && n < 12);
    hook_fail = 0;
    twin_free(&a);
}
static void test_capturing(twin *a, twin *b) { /* what else a program does meanwhile */
    const int live = emu_leaks();
    mv_cuda_ctx ctx, two;
    mv_cuda_graph graph, again;
    mv_cuda_volume d, e;
    void *pinned;
    memset(&ctx, 0, sizeof ctx), memset(&two, 0, sizeof two), memset(&d, 0, sizeof d), memset(&e, 0, sizeof e);
    CHECK_STATUS(mv_cuda_linear(&ctx, &d, &a->device, 1, 2), MEDVOL_OK);
    CHECK_STATUS(mv_cuda_capture_begin(&ctx), MEDVOL_OK);
    CHECK_STATUS(mv_cuda_linear(&ctx, &b->device, &a->device, 2, 1), MEDVOL_OK);
    CHECK_STATUS(mv_cuda_capture_end(&ctx, &graph), MEDVOL_OK);
    fill(a, 1);
    CHECK_STATUS(mv_cuda_capture_begin(&ctx), MEDVOL_OK);
    CHECK_STATUS(mv_cuda_graph_launch(&ctx, &graph), MEDVOL_E_BUSY);
    mv_cuda_volume_free(&ctx, &d); /* stays, and is told of */
    CHECK(d.owner && d.data && ctx.error.code == MEDVOL_E_BUSY);
    CHECK_STATUS(mv_cuda_capture_end(&ctx, &again), MEDVOL_E_BUSY);
    for (int k = 0; k < 2 && emulated; k++) { /* an error of others keeps a call, or the end, from being made */
        CHECK_STATUS(mv_cuda_capture_begin(&ctx), MEDVOL_OK);
        emu_raise(1);
        CHECK_STATUS(k ? mv_cuda_capture_end(&ctx, &again) : mv_cuda_linear(&ctx, &b->device, &a->device, 2, 1),
                     MEDVOL_E_FOREIGN);
        CHECK(dev_error(1) == 1);
        CHECK_STATUS(mv_cuda_capture_end(&ctx, &again), k ? MEDVOL_OK : MEDVOL_E_FOREIGN);
        CHECK((again.exec != NULL) == k);
        mv_cuda_graph_free(&ctx, &again);
    }
    CHECK_STATUS(mv_cuda_capture_begin(&ctx), MEDVOL_OK);
    CHECK_STATUS(mv_cuda_host_alloc(&ctx, &pinned, 100), MEDVOL_OK);
    CHECK_STATUS(mv_cuda_upload(&two, &e, &a->host, MEDVOL_NONE, NULL), MEDVOL_OK); /* another context begins */
    CHECK_STATUS(mv_cuda_znorm(&two, &e, &e, NULL), MEDVOL_OK);
    CHECK_STATUS(mv_cuda_sync(&two), MEDVOL_OK);
    mv_cuda_volume_free(&two, &e);
    mv_cuda_ctx_free(&two);
    CHECK_STATUS(mv_cuda_linear(&ctx, &b->device, &a->device, 3, -1), MEDVOL_OK);
    CHECK_STATUS(mv_cuda_host_free(&ctx, pinned), MEDVOL_OK);
    CHECK_STATUS(mv_cuda_capture_end(&ctx, &again), MEDVOL_OK);
    CHECK_STATUS(mv_cuda_graph_launch(&ctx, &again), MEDVOL_OK);
    CHECK_STATUS(mv_cuda_sync(&ctx), MEDVOL_OK);
    CHECK_STATUS(mv_linear(&cpu, &b->host, &a->host, 3, -1), MEDVOL_OK);
    same(b, 2, 1, __LINE__);
    mv_cuda_graph_free(&ctx, &graph), mv_cuda_graph_free(&ctx, &again);
    mv_cuda_volume_free(&ctx, &d);
    CHECK_STATUS(mv_cuda_ctx_reserve(&ctx, 1000), MEDVOL_OK);
    CHECK_STATUS(mv_cuda_capture_begin(&ctx), MEDVOL_OK);
    CHECK_STATUS(mv_cuda_linear(&ctx, &b->device, &a->device, 3, -1), MEDVOL_OK);
    CHECK_STATUS(mv_cuda_capture_end(&ctx, &graph), MEDVOL_OK);
    CHECK_STATUS(mv_cuda_capture_begin(&ctx), MEDVOL_OK);
    mv_cuda_ctx_free(&ctx); /* the capture, too */
    mv_cuda_graph_free(&ctx, &graph);
    CHECK(emu_leaks() == live && dev_error(0) == 0);
}
static void test_capture(void) {
    mv_cuda_ctx ctx;
    mv_cuda_graph graph;
    mv_cuda_volume d;
    twin a, b;
    mv_statistics got;
    memset(&ctx, 0, sizeof ctx), memset(&d, 0, sizeof d);
    twin_make(&a, MEDVOL_F32, &shapes[8], PLAIN), twin_make(&b, MEDVOL_F32, &shapes[8], PLAIN);
    fill(&a, 1);
    CHECK_STATUS(mv_cuda_capture_end(&ctx, &graph), MEDVOL_E_RANGE);
    CHECK_STATUS(mv_cuda_capture_begin(&ctx), MEDVOL_OK);
    CHECK_STATUS(mv_cuda_capture_begin(&ctx), MEDVOL_E_BUSY);
    CHECK_STATUS(mv_cuda_znorm(&ctx, &b.device, &a.device, NULL), MEDVOL_E_SCRATCH); /* the workspace is empty */
    const double want = ctx.error.value;
    CHECK(want > 0 && !strcmp(ctx.error.field, "workspace") && strstr(mv_cuda_message(&ctx), "workspace"));
    CHECK_STATUS(mv_cuda_linear(&ctx, &d, &a.device, 1, 2), MEDVOL_E_SCRATCH); /* nor is dst made */
    CHECK_STATUS(mv_cuda_sync(&ctx), MEDVOL_E_BUSY);
    CHECK_STATUS(mv_cuda_stats_wait(&ctx, &got, &a.device, NULL), MEDVOL_E_BUSY);
    CHECK_STATUS(mv_cuda_download(&ctx, &b.host, &a.device, MEDVOL_NONE, NULL), MEDVOL_E_BUSY);
    CHECK_STATUS(mv_cuda_clamp(&ctx, &b.device, &a.device, -1, 1), MEDVOL_OK);
    CHECK_STATUS(mv_cuda_capture_end(&ctx, &graph), MEDVOL_E_BUSY); /* a graph of clamp alone is not what was meant */
    CHECK(graph.exec == NULL);
    CHECK_STATUS(mv_cuda_ctx_reserve(&ctx, (size_t)want), MEDVOL_OK);
    CHECK_STATUS(mv_cuda_capture_begin(&ctx), MEDVOL_OK);
    CHECK_STATUS(mv_cuda_znorm(&ctx, &b.device, &a.device, NULL), MEDVOL_OK);
    CHECK_STATUS(mv_cuda_clamp(&ctx, &b.device, &b.device, -1, 1), MEDVOL_OK);
    CHECK_STATUS(mv_cuda_capture_end(&ctx, &graph), MEDVOL_OK);
    for (int i = 0; i < 3; i++) {
        fill(&a, i);
        CHECK_STATUS(mv_cuda_graph_launch(&ctx, &graph), MEDVOL_OK);
        CHECK_STATUS(mv_cuda_sync(&ctx), MEDVOL_OK);
        CHECK_STATUS(mv_znorm(&cpu, &b.host, &a.host, NULL), MEDVOL_OK);
        CHECK_STATUS(mv_clamp(&cpu, &b.host, &b.host, -1, 1), MEDVOL_OK);
        same(&b, 3, 0.2, __LINE__);
    }
    CHECK_STATUS(mv_cuda_ctx_reserve(&ctx, (size_t)want + (1 << 20)), MEDVOL_OK);
    CHECK_STATUS(mv_cuda_graph_launch(&ctx, &graph), MEDVOL_E_SCRATCH);
    mv_cuda_graph_free(&ctx, &graph);
    CHECK_STATUS(mv_cuda_graph_launch(&ctx, &graph), MEDVOL_E_NULL);
    mv_cuda_ctx_free(&ctx);
    test_capturing(&a, &b);
    { /* the caller's workspace does not grow; the caller's stream */
        mv_cuda_desc desc;
        mv_cuda_stream s = dev_stream();
        void *p = NULL;
        memset(&desc, 0, sizeof desc);
        CHECK(s != NULL && dev_new(&p, 4096));
        desc.workspace = p, desc.workspace_bytes = 4096;
        desc.given_stream = 1, desc.stream = s;
        CHECK_STATUS(mv_cuda_ctx_init(&ctx, &desc), MEDVOL_OK);
        CHECK_STATUS(mv_cuda_znorm(&ctx, &b.device, &a.device, NULL), MEDVOL_OK);
        CHECK_STATUS(mv_cuda_sync(&ctx), MEDVOL_OK);
        CHECK_STATUS(mv_cuda_ctx_reserve(&ctx, 8192), MEDVOL_E_SCRATCH);
        CHECK(ctx.error.value == 8192);
        mv_cuda_ctx_free(&ctx);
        desc.workspace = (char *)p + 64, desc.workspace_bytes = 2048;
        CHECK_STATUS(mv_cuda_ctx_init(&ctx, &desc), MEDVOL_E_POINTER);
        CHECK(strstr(mv_cuda_message(&ctx), "aligned"));
        desc.workspace = (char *)a.block + (256 - (uintptr_t)a.block % 256);
        CHECK_STATUS(mv_cuda_ctx_init(&ctx, &desc), MEDVOL_E_POINTER);
        CHECK(strstr(mv_cuda_message(&ctx), "host memory"));
        dev_free(p), dev_stream_free(s);
    }
    twin_free(&a), twin_free(&b);
}
/* Other code captures the given stream: calls are recorded in its graph, and keep the rules of captures */
static void test_captured(void) {
    mv_cuda_desc desc;
    mv_cuda_ctx ctx, two;
    mv_cuda_graph graph;
    mv_cuda_volume d, e, was;
    mv_statistics got;
    twin a, b;
    memset(&desc, 0, sizeof desc), memset(&ctx, 0, sizeof ctx), memset(&d, 0, sizeof d), memset(&e, 0, sizeof e);
    twin_make(&a, MEDVOL_F32, &shapes[5], PLAIN), twin_make(&b, MEDVOL_F32, &shapes[5], PLAIN);
    fill(&a, 1);
    desc.given_stream = 1, desc.stream = dev_stream();
    CHECK_STATUS(mv_cuda_ctx_init(&ctx, &desc), MEDVOL_OK);
    CHECK_STATUS(mv_cuda_linear(&ctx, &d, &a.device, 1, 2), MEDVOL_OK);
    CHECK_STATUS(mv_cuda_sync(&ctx), MEDVOL_OK);
    was = d;
    CHECK(dev_capture(desc.stream));
    CHECK_STATUS(mv_cuda_linear(&ctx, &b.device, &a.device, 3, -1), MEDVOL_OK);
    CHECK_STATUS(mv_cuda_linear(&ctx, &e, &a.device, 1, 2), MEDVOL_E_SCRATCH); /* its memory were the graph's */
    CHECK_STATUS(mv_cuda_znorm(&ctx, &d, &a.device, NULL), MEDVOL_E_SCRATCH);
    CHECK(!strcmp(ctx.error.field, "workspace"));
    CHECK_STATUS(mv_cuda_stats_wait(&ctx, &got, &a.device, NULL), MEDVOL_E_BUSY);
    CHECK_STATUS(mv_cuda_download(&ctx, &b.host, &a.device, MEDVOL_NONE, NULL), MEDVOL_E_BUSY);
    CHECK_STATUS(mv_cuda_copy_peer(&ctx, &b.device, &gpu, &a.device), MEDVOL_E_BUSY);
    CHECK_STATUS(mv_cuda_copy_peer(&gpu, &b.device, &ctx, &a.device), MEDVOL_E_BUSY);
    CHECK_STATUS(mv_cuda_capture_begin(&ctx), MEDVOL_E_BUSY);
    CHECK_STATUS(mv_cuda_capture_end(&ctx, &graph), MEDVOL_E_RANGE);
    CHECK_STATUS(mv_cuda_sync(&ctx), MEDVOL_E_BUSY);
    mv_cuda_volume_free(&ctx, &d);
    CHECK(!memcmp(&d, &was, sizeof d) && ctx.error.code == MEDVOL_E_BUSY);
    CHECK_STATUS(mv_cuda_ctx_init(&two, &desc), MEDVOL_E_BUSY);
    desc.stream = NULL; /* the default stream, which would wait for that which captures */
    CHECK(mv_cuda_ctx_init(&two, &desc) < 0);
    desc.stream = ctx.stream;
    CHECK(dev_replay(desc.stream) && dev_error(0) == 0);
    CHECK_STATUS(mv_linear(&cpu, &b.host, &a.host, 3, -1), MEDVOL_OK);
    same(&b, 2, 1, __LINE__);
    CHECK_SETTLED(mv_cuda_znorm(&ctx, &d, &a.device, NULL), MEDVOL_OK);
    mv_cuda_volume_free(&ctx, &d);
    CHECK(d.data == NULL);
    mv_cuda_ctx_free(&ctx);
    dev_stream_free(desc.stream);
    twin_free(&a), twin_free(&b);
}
static void test_capture_pinned(void) { /* a graph copies pinned memory as it then is; converted, it would need memory */
    mv_cuda_graph graph;
    mv_volume h, part;
    twin a, b;
    void *pin = NULL;
    size_t i;
    const size_t n = 5000, dim[2] = {40, 50};
    const ptrdiff_t stride[2] = {1, 100};
    const shape s = {1, {n}}, flat = {2, {40, 50}};
    twin_make(&a, MEDVOL_F32, &s, PLAIN), twin_make(&b, MEDVOL_F32, &flat, PLAIN);
    CHECK_STATUS(mv_cuda_host_alloc(&gpu, &pin, 4 * n), MEDVOL_OK);
    CHECK_STATUS(mv_volume_wrap(&cpu, &h, pin, MEDVOL_F32, 1, &n, NULL), MEDVOL_OK);
    CHECK_STATUS(mv_volume_wrap(&cpu, &part, pin, MEDVOL_F32, 2, dim, stride), MEDVOL_OK);
    memset(pin, 0, 4 * n);
    CHECK_STATUS(mv_cuda_upload(&gpu, &a.device, &h, MEDVOL_NONE, NULL), MEDVOL_OK);
    if (emulated) CHECK(emu_pending() > 0); /* it has not waited */
    CHECK_STATUS(mv_cuda_sync(&gpu), MEDVOL_OK);
    CHECK_STATUS(mv_cuda_capture_begin(&gpu), MEDVOL_OK);
    CHECK_STATUS(mv_cuda_upload(&gpu, &a.device, &h, MEDVOL_NONE, NULL), MEDVOL_OK);
    CHECK_STATUS(mv_cuda_linear(&gpu, &a.device, &a.device, 2, 1), MEDVOL_OK);
    CHECK_STATUS(mv_cuda_download(&gpu, &h, &a.device, MEDVOL_NONE, NULL), MEDVOL_OK);
    CHECK_STATUS(mv_cuda_capture_end(&gpu, &graph), MEDVOL_OK);
    for (i = 0; i < n; i++) ((float *)pin)[i] = (float)i;
    CHECK_SETTLED(mv_cuda_graph_launch(&gpu, &graph), MEDVOL_OK);
    for (i = 0; i < n; i++) CHECK(((float *)pin)[i] == 2 * (float)i + 1);
    mv_cuda_graph_free(&gpu, &graph);
    CHECK_UNCAPTURED(mv_cuda_upload(&gpu, &a.device, &a.host, MEDVOL_NONE, NULL), MEDVOL_E_BUSY);
    CHECK_UNCAPTURED(mv_cuda_upload(&gpu, &b.device, &part, MEDVOL_NONE, NULL), MEDVOL_E_BUSY);
    h.dtype = MEDVOL_I32;
    CHECK_UNCAPTURED(mv_cuda_upload(&gpu, &a.device, &h, MEDVOL_F32, NULL), MEDVOL_E_SCRATCH);
    CHECK_UNCAPTURED(mv_cuda_download(&gpu, &h, &a.device, MEDVOL_I32, NULL), MEDVOL_E_SCRATCH);
    CHECK_STATUS(mv_cuda_host_free(&gpu, pin), MEDVOL_OK);
    twin_free(&a), twin_free(&b);
}
static void test_devices(void) { /* two of them: memory of the other is refused; the thread's own stays current */
    mv_cuda_desc desc;
    mv_cuda_ctx two;
    mv_cuda_volume d, e, v;
    mv_volume back;
    twin a;
    void *p = NULL;
    const size_t n = 16, start[3] = {0, 0, 0}, size[3] = {5, 4, 3};
    if (!emulated) return;
    emu_device(2, 13000);
    memset(&desc, 0, sizeof desc), memset(&d, 0, sizeof d), memset(&e, 0, sizeof e), memset(&back, 0, sizeof back);
    twin_make(&a, MEDVOL_F32, &shapes[5], PLAIN);
    fill(&a, 0);
    desc.by_number = 1, desc.device = 1;
    CHECK_STATUS(mv_cuda_ctx_init(&two, &desc), MEDVOL_OK);
    CHECK(two.device == 1);
    CHECK_STATUS(mv_cuda_upload(&two, &d, &a.host, MEDVOL_NONE, NULL), MEDVOL_OK);
    CHECK_STATUS(mv_cuda_linear(&two, &d, &d, 2, 0), MEDVOL_OK);
    CHECK_STATUS(mv_cuda_copy_peer(&gpu, &e, &two, &d), MEDVOL_OK);
    CHECK_STATUS(mv_cuda_linear(&two, &d, &d, 0, 0), MEDVOL_OK); /* behind the copy */
    CHECK_STATUS(mv_cuda_sync(&two), MEDVOL_OK);
    CHECK(dev_new(&p, 64)); /* on the thread's device */
    CHECK_STATUS(mv_cuda_download(&gpu, &back, &e, MEDVOL_NONE, NULL), MEDVOL_OK);
    for (size_t i = 0; i < mv_volume_count(&back); i++)
        CHECK(((float *)back.data)[i] == 2 * ((float *)a.host.data)[i]);
    CHECK_STATUS(mv_cuda_volume_wrap(&gpu, &v, p, MEDVOL_F32, 1, &n, NULL), MEDVOL_OK);
    CHECK_STATUS(mv_cuda_volume_wrap(&two, &v, p, MEDVOL_F32, 1, &n, NULL), MEDVOL_E_POINTER);
    CHECK(strstr(mv_cuda_message(&two), "another device"));
    CHECK_STATUS(mv_cuda_znorm(&gpu, &e, &d, NULL), MEDVOL_E_POINTER);
    CHECK_STATUS(mv_cuda_znorm(&two, &e, &d, NULL), MEDVOL_E_POINTER);
    CHECK_STATUS(mv_cuda_volume_view(&gpu, &v, &e, start, size), MEDVOL_OK);
    mv_cuda_volume_free(&two, &d);
    CHECK_STATUS(mv_cuda_copy_peer(&two, &d, &gpu, &v), MEDVOL_E_SHAPE); /* gaps */
    CHECK(d.data == NULL);
    mv_cuda_volume_free(&gpu, &e);
    mv_cuda_ctx_free(&two);
    mv_volume_free(&cpu, &back);
    dev_free(p);
    twin_free(&a);
    emu_device(1, 13000);
}
static void test_trust(void) { /* where pointers lead is not looked at, while that is asked for */
    mv_cuda_volume v;
    float here[4];
    const size_t n = 4;
    CHECK_STATUS(mv_cuda_volume_wrap(&gpu, &v, here, MEDVOL_F32, 1, &n, NULL), MEDVOL_E_POINTER);
    gpu.desc.trust = 1;
    CHECK_STATUS(mv_cuda_volume_wrap(&gpu, &v, here, MEDVOL_F32, 1, &n, NULL), MEDVOL_OK);
    gpu.desc.trust = 0;
    CHECK_STATUS(mv_cuda_volume_wrap(&gpu, &v, here, MEDVOL_F32, 1, &n, NULL), MEDVOL_E_POINTER);
}
static void test_many(void) { /* more values than counts of 32 bits take: refused before anything is read */
    const size_t dim[2] = {65536, 65536}, q32 = (size_t)1 << 32;
    const double q = 50;
    mv_cuda_hist h;
    mv_rescale_opt r;
    mv_volume v;
    unsigned char *p = NULL;
    double *out;
    if (sizeof(size_t) < 8 || !dev_new(&p, 4096)) return;
    memset(&r, 0, sizeof r);
    out = (double *)(void *)p;
    h.bins = 4, h.tail = (mv_cuda_hist_tail *)(void *)(p + 256), h.counts = (uint64_t *)(void *)(p + 512);
    CHECK_STATUS(mv_cuda_volume_wrap(&gpu, &v, p + 1024, MEDVOL_U8, 2, dim, NULL), MEDVOL_OK);
    CHECK_STATUS(mv_cuda_percentiles(&gpu, out, &v, &q, 1, NULL), MEDVOL_E_UNSUPPORTED);
    CHECK_STATUS(mv_cuda_percentiles_array(&gpu, out, v.data, MEDVOL_U8, q32, 1, 0, &q, 1, NULL), MEDVOL_E_UNSUPPORTED);
    CHECK_STATUS(mv_cuda_median(&gpu, out, &v, NULL), MEDVOL_E_UNSUPPORTED);
    CHECK_STATUS(mv_cuda_histogram(&gpu, &h, &v, NULL), MEDVOL_E_UNSUPPORTED);
    CHECK_STATUS(mv_cuda_histogram_array(&gpu, &h, v.data, MEDVOL_U8, q32, 1, 0, NULL), MEDVOL_E_UNSUPPORTED);
    r.range = MEDVOL_RANGE_PERCENTILE, r.lo = 1, r.hi = 99;
    AFAR {
        mv_volume d = afar(MEDVOL_F32, dim[0], dim[1]);
        CHECK_STATUS(mv_cuda_rescale(&gpu, &d, &v, 0, 1, &r), MEDVOL_E_UNSUPPORTED);
    }
    CHECK_STATUS(mv_cuda_sync(&gpu), MEDVOL_OK);
    dev_free(p);
}
static void test_scratch(void) { /* as the manual names it */
    const size_t n = 300001;
    const shape s = {1, {n}}, flat = {2, {1001, 301}};
    const double chunks = (n + 8191) / 8192, tiny = 2048, q[3] = {1, 50, 99}, view = 1001 * 301;
    mv_stats_opt so, split;
    mv_percentile_opt po;
    mv_cuda_hist h;
    unsigned char *p = NULL;
    twin a, v, m, b;
    memset(&so, 0, sizeof so), memset(&split, 0, sizeof split), memset(&po, 0, sizeof po);
    twin_make(&a, MEDVOL_F32, &s, PLAIN), twin_make(&v, MEDVOL_F32, &flat, VIEW), twin_make(&m, MEDVOL_I16, &s, PLAIN);
    twin_make(&b, MEDVOL_F32, &s, PLAIN);
    fill(&a, 1), fill(&v, 1), fill(&m, 1);
    CHECK(dev_new(&p, 512 << 10));
    double *out = (double *)(void *)p;
    mv_statistics *st = (mv_statistics *)(void *)p;
    NEEDS(0, 72 * chunks + tiny, mv_cuda_stats(c, st, &a.device, NULL));
    NEEDS(4 * view, 4 * view + 72 * chunks + tiny, mv_cuda_stats(c, st, &v.device, NULL));
    so.mask = &m.device;
    NEEDS((double)n, (double)n + 72 * chunks + tiny, mv_cuda_stats(c, st, &a.device, &so));
    split.split = 2;
    NEEDS(0, 4 * view + 301 * 72 + tiny, mv_cuda_stats(c, st, &v.device, &split));
    NEEDS(0, 72 * chunks + tiny, mv_cuda_znorm(c, &b.device, &a.device, NULL));
    NEEDS(0, (80 << 10) + 72 * chunks, mv_cuda_percentiles(c, out, &a.device, q, 3, NULL));
    NEEDS(4 * view, 4 * view + (80 << 10) + 72 * chunks,
          mv_cuda_percentiles(c, out, &v.device, q, 3, NULL));
    po.mask = &m.device;
    NEEDS((double)n, (double)n + (80 << 10) + 72 * chunks, mv_cuda_median(c, out, &a.device, &po));
    NEEDS(8 * (double)n, 8 * (double)n + (80 << 10) + 72 * chunks, mv_cuda_mad(c, out, NULL, &a.device, NULL));
    h.tail = (mv_cuda_hist_tail *)(void *)p, h.counts = (uint64_t *)(void *)(p + 256);
    for (h.bins = 10; h.bins <= 50000; h.bins *= 5000)
        NEEDS(0, 4.0 * (double)h.bins + 72 * chunks + 2 * tiny, mv_cuda_histogram(c, &h, &a.device, NULL));
    NEEDS(0, 0, mv_cuda_clamp(c, &b.device, &a.device, 0, 1));
    twin_free(&a), twin_free(&v), twin_free(&m), twin_free(&b);
    dev_free(p);
}
static void test_peer(void) { /* two contexts of one device; another device where there is one */
    mv_cuda_ctx two;
    mv_cuda_volume d, e;
    twin a;
    mv_volume back;
    memset(&two, 0, sizeof two), memset(&d, 0, sizeof d), memset(&e, 0, sizeof e), memset(&back, 0, sizeof back);
    twin_make(&a, MEDVOL_F32, &shapes[5], PLAIN);
    fill(&a, 0);
    CHECK_STATUS(mv_cuda_ctx_init(&two, NULL), MEDVOL_OK);
    CHECK_STATUS(mv_cuda_linear(&gpu, &d, &a.device, 2, 0), MEDVOL_OK);
    CHECK_STATUS(mv_cuda_copy_peer(&two, &e, &gpu, &d), MEDVOL_OK);
    CHECK_STATUS(mv_cuda_download(&two, &back, &e, MEDVOL_NONE, NULL), MEDVOL_OK);
    for (size_t i = 0; i < mv_volume_count(&back); i++)
        CHECK(((float *)back.data)[i] == 2 * ((float *)a.host.data)[i]);
    CHECK_STATUS(mv_cuda_copy_peer(&two, NULL, &gpu, &d), MEDVOL_E_NULL);
    CHECK_STATUS(mv_cuda_sync(&gpu), MEDVOL_OK);
    CHECK_STATUS(mv_cuda_copy_peer(&two, &e, &gpu, &a.host), MEDVOL_E_POINTER);
    CHECK(strstr(mv_cuda_message(&two), "src"));
    captures();
    CHECK_STATUS(mv_cuda_copy_peer(&two, &e, &gpu, &d), MEDVOL_E_BUSY);
    CHECK_STATUS(mv_cuda_capture_end(&gpu, NULL), MEDVOL_E_NULL);
    CHECK_SETTLED(mv_cuda_linear(&gpu, &d, &a.device, 2, 0), MEDVOL_OK); /* the capture has ended all the same */
    mv_cuda_volume_free(&gpu, &d), mv_cuda_volume_free(&two, &e);
    mv_volume_free(&cpu, &back);
    mv_cuda_ctx_free(&two);
    if (emulated) { /* and back from another device, whose default stream is not this one's */
        mv_cuda_desc desc;
        memset(&desc, 0, sizeof desc);
        desc.by_number = desc.given_stream = desc.device = 1;
        emu_device(2, 13000);
        CHECK_STATUS(mv_cuda_ctx_init(&two, &desc), MEDVOL_OK);
        CHECK_STATUS(mv_cuda_copy_peer(&two, &e, &gpu, &a.device), MEDVOL_OK);
        CHECK_STATUS(mv_cuda_linear(&two, &e, &e, 3, 0), MEDVOL_OK);
        CHECK_STATUS(mv_cuda_copy_peer(&gpu, &d, &two, &e), MEDVOL_OK);
        mv_cuda_volume_free(&two, &e); /* after that copy */
        CHECK_STATUS(mv_cuda_sync(&two), MEDVOL_OK);
        CHECK_STATUS(mv_cuda_download(&gpu, &back, &d, MEDVOL_NONE, NULL), MEDVOL_OK);
        for (size_t i = 0; i < mv_volume_count(&back); i++)
            CHECK(((float *)back.data)[i] == 3 * ((float *)a.host.data)[i]);
        mv_cuda_volume_free(&gpu, &d);
        mv_volume_free(&cpu, &back);
        CHECK_STATUS(mv_cuda_sync(&gpu), MEDVOL_OK);
        mv_cuda_ctx_free(&two);
        emu_device(1, 13000);
    }
    twin_free(&a);
}
static void test_views(void) {
    mv_cuda_volume d, v;
    const size_t dim[3] = {9, 8, 7}, start[3] = {1, 2, 3}, size[3] = {4, 5, 2}, far[3] = {6, 5, 2};
    const ptrdiff_t spread[2] = {2, 9};
    memset(&d, 0, sizeof d);
    CHECK_STATUS(mv_cuda_volume_alloc(&gpu, &d, MEDVOL_F32, 3, dim), MEDVOL_OK);
    CHECK(d.affine[0] == 1 && d.affine[5] == 1 && d.affine[10] == 1 && mv_volume_count(&d) == 504);
    CHECK_STATUS(mv_cuda_volume_view(&gpu, &v, &d, start, size), MEDVOL_OK);
    CHECK((float *)v.data == (float *)d.data + 1 + 2 * 9 + 3 * 72 && v.affine[3] == 1 && v.owner == NULL);
    CHECK_STATUS(mv_cuda_volume_view(&gpu, &v, &d, far, far), MEDVOL_E_RANGE);
    CHECK_STATUS(mv_cuda_volume_alloc(&gpu, &v, MEDVOL_F32, 9, dim), MEDVOL_E_RANGE);
    CHECK_STATUS(mv_cuda_volume_wrap(&gpu, &v, d.data, MEDVOL_F32, 2, size, spread), MEDVOL_E_SHAPE);
    mv_cuda_volume_free(&gpu, &d);
    mv_cuda_volume_free(&gpu, &d);
    mv_cuda_volume_free(&gpu, NULL);
}
static void test_machine(void) { /* no device, memory that runs out, errors of others, a lost device */
    mv_cuda_ctx ctx, other;
    mv_cuda_desc desc;
    mv_cuda_volume d, e;
    twin a;
    int n, live;
    if (!emulated) return;
    memset(&desc, 0, sizeof desc), memset(&ctx, 0, sizeof ctx);
    twin_make(&a, MEDVOL_I16, &shapes[5], VIEW);
    fill(&a, 1);
    CHECK_STATUS(mv_cuda_sync(&gpu), MEDVOL_OK);
    desc.by_number = 1, desc.device = 9;
    CHECK_STATUS(mv_cuda_ctx_init(&ctx, &desc), MEDVOL_E_RANGE);
    live = emu_leaks();
    for (n = 1; n < 20; n++) { /* each allocation, refused once */
        mv_status st;
        memset(&d, 0, sizeof d), memset(&e, 0, sizeof e), memset(&ctx, 0, sizeof ctx);
        emu_fail_alloc(n);
        st = mv_cuda_upload(&ctx, &d, &a.host, MEDVOL_F32, NULL);
        if (st == MEDVOL_OK) st = mv_cuda_znorm(&ctx, &e, &d, NULL);
        if (st == MEDVOL_OK) st = mv_cuda_sync(&ctx);
        if (st != MEDVOL_OK) CHECK_STATUS(st, MEDVOL_E_NOMEM);
        emu_fail_alloc(0);
        mv_cuda_volume_free(&ctx, &d), mv_cuda_volume_free(&ctx, &e);
        mv_cuda_ctx_free(&ctx);
        CHECK(emu_leaks() == live);
        if (st == MEDVOL_OK) break;
    }
    CHECK(n > 5 && n < 20);
    emu_limit(1 << 20);
    const size_t big = 1 << 20;
    memset(&ctx, 0, sizeof ctx), memset(&d, 0, sizeof d);
    CHECK_STATUS(mv_cuda_volume_alloc(&ctx, &d, MEDVOL_F32, 1, &big), MEDVOL_E_NOMEM);
    CHECK(strstr(mv_cuda_message(&ctx), "out of device memory"));
    emu_limit(0);
    CHECK_STATUS(mv_cuda_volume_alloc(&ctx, &d, MEDVOL_F32, 1, &big), MEDVOL_OK); /* usable again */
    mv_cuda_volume_free(&ctx, &d);
    emu_raise(1);
    CHECK_STATUS(mv_cuda_ctx_reserve(&ctx, 64), MEDVOL_E_FOREIGN);
    CHECK(strstr(mv_cuda_message(&ctx), "earlier") && dev_error(0) != 0);
    CHECK(dev_error(1) != 0);
    CHECK_STATUS(mv_cuda_ctx_reserve(&ctx, 64), MEDVOL_OK);
    emu_raise(600); /* a stream was asked too early: no error */
    CHECK_STATUS(mv_cuda_ctx_reserve(&ctx, 64), MEDVOL_OK);
    CHECK(dev_error(0) == 0);
    emu_raise(1);
    CHECK_STATUS(mv_cuda_ctx_init(&other, NULL), MEDVOL_E_FOREIGN);
    CHECK(strstr(mv_cuda_message(&other), "earlier"));
    mv_cuda_ctx_free(&ctx);
    CHECK(dev_error(1) == 1);
    CHECK(emu_leaks() == live);
    twin_free(&a);
}
/* Sectors a request and passes through shared memory, beside what the bytes need */
static void test_profile(void) {
    const size_t n = 1 << 17;
    shape s = {1, {n}}, cube = {3, {64, 64, 32}};
    twin a, b, v, w;
    emu_counts c;
    mv_statistics got;
    if (!emu_check()) return;
    emu_profiling(1);
    twin_make(&a, MEDVOL_F32, &s, PLAIN), twin_make(&b, MEDVOL_F32, &s, PLAIN);
    twin_make(&v, MEDVOL_I16, &s, PLAIN), twin_make(&w, MEDVOL_F32, &cube, VIEW);
    fill(&a, 0), fill(&v, 0), fill(&w, 0);
#define SECTORS(loads, stores)                                                                                        \
    (CHECK((double)c.load_sectors <= 1.05 * (double)(loads) / 32 + 64 && c.load_sectors >= (loads) / 32),             \
     CHECK((double)c.store_sectors <= 1.05 * (double)(stores) / 32 + 64 && c.store_sectors >= (stores) / 32))
    CHECK_STATUS(mv_cuda_linear(&gpu, &b.device, &a.device, 2, 1), MEDVOL_OK);
    CHECK_STATUS(mv_cuda_sync(&gpu), MEDVOL_OK);
    emu_profile(&c);
    SECTORS(4 * n, 4 * n);
    CHECK(c.load_requests <= n / 128 + 64 && c.store_requests <= n / 128 + 64); /* 16 bytes a lane */
    CHECK_STATUS(mv_cuda_linear(&gpu, &b.device, &v.device, 2, 1), MEDVOL_OK);
    CHECK_STATUS(mv_cuda_sync(&gpu), MEDVOL_OK);
    emu_profile(&c);
    SECTORS(2 * n, 4 * n);
    CHECK_STATUS(mv_cuda_clamp(&gpu, &a.device, &a.device, 2, 10), MEDVOL_OK);
    CHECK_STATUS(mv_cuda_sync(&gpu), MEDVOL_OK);
    emu_profile(&c);
    SECTORS(4 * n, 4 * n);
    CHECK_STATUS(mv_cuda_znorm(&gpu, &b.device, &a.device, NULL), MEDVOL_OK); /* two reads and one write */
    CHECK_STATUS(mv_cuda_sync(&gpu), MEDVOL_OK);
    emu_profile(&c); /* and each warp the mean and the scale */
    CHECK((double)c.load_sectors <= 1.25 * 4 * (double)n / 32 && (double)c.store_sectors <= 1.05 * 4 * (double)n / 32);
    CHECK(emu_profile_of("mv__cu_k_moments", &c) && (double)c.load_sectors <= 1.05 * 4 * (double)n / 32 + 64);
    CHECK_STATUS(mv_cuda_stats_wait(&gpu, &got, &a.device, NULL), MEDVOL_OK);
    CHECK(emu_profile_of("mv__cu_k_moments", &c));
    CHECK((double)c.load_sectors <= 1.05 * 4 * (double)n / 32 + 64 && c.load_sectors >= 4 * n / 32);
    CHECK(c.store_sectors <= 9 * n / MEDVOL_CUDA_STATS_CHUNK); /* a chunk's moments, a word at a time */
    CHECK((double)c.shared_passes <= 1.05 * (double)c.shared_requests + 256);
    /* rows that begin anywhere: a sector more a request at most */
    CHECK_STATUS(mv_cuda_linear(&gpu, &w.device, &w.device, 2, 1), MEDVOL_OK);
    CHECK_STATUS(mv_cuda_sync(&gpu), MEDVOL_OK);
    emu_profile(&c);
    CHECK((double)c.store_sectors <= 1.5 * (double)n * 4 / 32 && (double)c.load_sectors <= 1.5 * (double)n * 4 / 32);
    emu_profiling(0);
    twin_free(&a), twin_free(&b), twin_free(&v), twin_free(&w);
}
/* A call of the runtime that fails, wherever: the status says so, and the context goes on */
static void test_faults(void) {
    const double sigma[3] = {1, 1, 1}, q = 40;
    double median;
    mv_statistics got;
    mv_volume out;
    mv_cuda_volume d;
    twin a, b;
    twin_make(&a, MEDVOL_I16, &shapes[5], VIEW), twin_make(&b, MEDVOL_F32, &shapes[5], PLAIN);
    fill(&a, 1), memset(&out, 0, sizeof out), memset(&d, 0, sizeof d);
    FAULTS(&b.device, mv_cuda_upload(&gpu, &b.device, &a.host, MEDVOL_F32, NULL));
    FAULTS(&b.device, mv_cuda_download(&gpu, &out, &a.device, MEDVOL_F32, NULL));
    FAULTS(&b.device, mv_cuda_znorm(&gpu, &b.device, &a.device, NULL));
    FAULTS(&b.device, mv_cuda_gaussian(&gpu, &b.device, &a.device, sigma, NULL));
    FAULTS(&b.device, mv_cuda_stats_wait(&gpu, &got, &a.device, NULL));
    FAULTS(&b.device, mv_cuda_percentiles_wait(&gpu, &median, &a.device, &q, 1, NULL));
    mv_volume_free(&cpu, &out);
    if (emulated) { /* what has no status leaves no error behind */
        CHECK_STATUS(mv_cuda_volume_copy(&gpu, &d, &b.device), MEDVOL_OK);
        emu_fail_call(1, 1);
        mv_cuda_volume_free(&gpu, &d);
        CHECK(emu_fail_call(0, 0) == 0 && !d.owner && dev_error(1) == 0);
    }
    twin_free(&a), twin_free(&b);
}
static void test_lost(void) { /* the last of all: nothing works afterwards */
    const size_t few = 64;
    mv_cuda_ctx ctx;
    mv_cuda_volume d;
    if (!emulated) return;
    memset(&ctx, 0, sizeof ctx), memset(&d, 0, sizeof d);
    emu_device(0, 0);
    CHECK_STATUS(mv_cuda_ctx_reserve(&ctx, 64), MEDVOL_E_NO_DEVICE);
    CHECK(mv_cuda_message(&ctx)[0]);
    emu_device(1, 13000);
    memset(&ctx, 0, sizeof ctx);
    (void)dev_error(1);
    hook_live = 0;
    ctx.desc.mem_alloc = hook_alloc, ctx.desc.mem_free = hook_free;
    CHECK_STATUS(mv_cuda_ctx_reserve(&ctx, 64), MEDVOL_OK);
    CHECK_STATUS(mv_cuda_volume_alloc(&ctx, &d, MEDVOL_F32, 1, &few), MEDVOL_OK);
    CHECK_STATUS(mv_cuda_capture_begin(&ctx), MEDVOL_OK);
    emu_raise(700);
    CHECK_STATUS(mv_cuda_ctx_reserve(&ctx, 64), MEDVOL_E_DEVICE_LOST);
    char first[384];
    strcpy(first, mv_cuda_message(&ctx));
    CHECK(strstr(first, "700"));
    CHECK_STATUS(mv_cuda_sync(&ctx), MEDVOL_E_DEVICE_LOST);
    mv_cuda_volume_free(&ctx, &d); /* the capture is lost, too */
    CHECK(!d.owner && !strcmp(first, mv_cuda_message(&ctx)));
    mv_cuda_ctx_free(&ctx);
    CHECK(hook_live == 0); /* whose memory it is, has it back */
    emu_reset();
}


SUITE(base, {"refused", test_refused}, {"views", test_views}, {"convert", test_convert}, {"zeros", test_zeros},
      {"ends", test_ends},
      {"kinds", test_kinds},
      {"transfer", test_transfer}, {"stats", test_stats}, {"percentiles", test_percentiles}, {"mad", test_mad},
      {"histogram", test_histogram}, {"znorm", test_znorm}, {"rescale", test_rescale}, {"limits", test_limits},
      {"gamma", test_gamma}, {"far", test_far}, {"arrays", test_arrays}, {"hooks", test_hooks}, {"faults", test_faults},
      {"capture", test_capture}, {"captured", test_captured}, {"capture_pinned", test_capture_pinned},
      {"peer", test_peer},
      {"devices", test_devices}, {"trust", test_trust}, {"many", test_many}, {"scratch", test_scratch}, {"machine", test_machine}, {"profile", test_profile});
SUITE(once, {"staging", test_staging});
SUITE(last, {"lost", test_lost});
