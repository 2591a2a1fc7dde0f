/* test_core.c - status, context, threads, progress, volumes, views, the rule of destinations. */
#if defined(__unix__) || defined(__APPLE__)
#  define _DEFAULT_SOURCE 1
#  include <pthread.h>
#endif
#include "test.h"

static void test_status(void) {
    static const int codes[] = {
#define X(name, value, text) value,
        MEDVOL_STATUS_LIST(X)
#undef X
    };
    int i, k, n = (int)(sizeof codes / sizeof *codes);
    mv_ctx none;
    memset(&none, 0, sizeof none);
    CHECK(codes[0] == 0 && !strcmp(mv_status_str(MEDVOL_OK), "ok"));
    for (i = 0; i < n; i++) {
        const char *s = mv_status_str((mv_status)codes[i]);
        CHECK(codes[i] == -i && s && strlen(s) > 1 && strcmp(s, "unknown status") != 0);
        for (k = 0; k < i; k++) CHECK(strcmp(s, mv_status_str((mv_status)codes[k])) != 0);
    }
    CHECK(!strcmp(mv_status_str((mv_status)-n), "unknown status") &&
        !strcmp(mv_status_str((mv_status)1), "unknown status"));
    CHECK(!strcmp(mv_message(NULL), "") && mv_warnings(NULL) == 0 && !strcmp(mv_message(&none), ""));
    CHECK(!strcmp(mv_version(), "0.2.0") && MEDVOL_VERSION_NUMBER == 200);
    CHECK(sizeof(mv_status) == sizeof(int) && sizeof(mv_dtype) == sizeof(int));
}
static void test_dtypes(void) {
    static const struct { mv_dtype t; size_t size; const char *name; } row[] = {{MEDVOL_U8, 1, "u8"},
        {MEDVOL_I8, 1, "i8"}, {MEDVOL_U16, 2, "u16"}, {MEDVOL_I16, 2, "i16"}, {MEDVOL_U32, 4, "u32"},
        {MEDVOL_I32, 4, "i32"}, {MEDVOL_U64, 8, "u64"}, {MEDVOL_I64, 8, "i64"}, {MEDVOL_F16, 2, "f16"},
        {MEDVOL_BF16, 2, "bf16"}, {MEDVOL_F32, 4, "f32"}, {MEDVOL_F64, 8, "f64"}, {MEDVOL_C64, 8, "c64"},
        {MEDVOL_C128, 16, "c128"}, {MEDVOL_RGB24, 3, "rgb24"}, {MEDVOL_RGBA32, 4, "rgba32"},
        {MEDVOL_F128, 16, "f128"}, {MEDVOL_C256, 32, "c256"}};
    size_t i;
    for (i = 0; i < sizeof row / sizeof *row; i++)
        CHECK(mv_dtype_size(row[i].t) == row[i].size && !strcmp(mv_dtype_name(row[i].t), row[i].name));
    CHECK(mv_dtype_size(MEDVOL_NONE) == 0 && mv_dtype_size((mv_dtype)1) == 0 &&
        mv_dtype_size((mv_dtype)-4) == 0 && !strcmp(mv_dtype_name((mv_dtype)3), "?"));
}

/* ---- context and threads ---- */
static void add_index(void *arg, size_t i) { ((size_t *)arg)[i] += i + 1; }
static void test_parallel_for(void) {
    static const size_t counts[] = {0, 1, 2, 3, 4, 5, 6, 7, 63, 64, 65, 1000};
    size_t *sum = (size_t *)malloc(1001 * sizeof *sum), c, i, turn;
    for (c = 0; c < 12; c++)
        for (turn = 0; turn < 20; turn++) {
            memset(sum, 0, 1001 * sizeof *sum);
            CHECK_OK(mv_parallel_for(T, counts[c], add_index, sum, turn % 2 ? "count" : NULL));
            for (i = 0; i < 1001; i++) CHECK(sum[i] == (i < counts[c] ? i + 1 : 0));
        }
    free(sum);
    CHECK_STATUS(mv_parallel_for(T, 1, NULL, NULL, NULL), MEDVOL_E_NULL);
    CHECK_STATUS(mv_parallel_for(NULL, 1, NULL, NULL, NULL), MEDVOL_E_NULL);
    CHECK(mv_threads(T) == t_threads && mv_threads(NULL) == 1);
}
typedef struct nest {
    mv_ctx *ctx;
    size_t (*cell)[8];
    int bad;
} nest;
typedef struct inner {
    size_t *cell;
} inner;
static void inner_job(void *arg, size_t i) { ((inner *)arg)->cell[i] += i + 1; }
static void outer_job(void *arg, size_t i) {
    nest *n = (nest *)arg;
    inner in;
    in.cell = n->cell[i];
    if (mv_parallel_for(n->ctx, 8, inner_job, &in, "inner") != MEDVOL_OK) n->bad = 1;
}
#if defined(__unix__) || defined(__APPLE__)
static pthread_t home;
static int strangers; /* calls that came from another thread */
static void note_thread(void) { strangers += !pthread_equal(home, pthread_self()); }
#else
static int strangers;
static void note_thread(void) {}
#endif
static size_t steps, stop_at, inner_labels;
static double last_done;
static int progress(void *user, double done, double total, const char *label) {
    note_thread();
    CHECK(user == &steps && done >= last_done && done <= total && label);
    inner_labels += !strcmp(label, "inner");
    last_done = done;
    return ++steps == stop_at;
}
static int trace_depth, trace_calls;
static void trace(void *user, int begin, const char *name, size_t bytes) {
    note_thread();
    (void)user;
    (void)bytes;
    CHECK(name && (begin == 0 || begin == 1));
    trace_calls++;
    trace_depth += begin ? 1 : -1;
}
static void watch(void) {
#if defined(__unix__) || defined(__APPLE__)
    home = pthread_self();
#endif
    T->desc.progress = progress;
    T->desc.progress_user = &steps;
    T->desc.trace = trace;
    steps = stop_at = inner_labels = 0;
    strangers = trace_depth = trace_calls = 0;
    last_done = 0;
}
/* a caller's loop */
static void run_backwards(void *user, size_t njobs, void (*job)(void *arg, size_t i), void *arg) {
    (*(size_t *)user)++;
    while (njobs > 0) job(arg, --njobs);
}
static void test_progress(void) {
    size_t *sum = (size_t *)calloc(500, sizeof *sum), i, ran, hook, calls = 0;
    for (hook = 0; hook < 2; hook++) {
        if (hook) {
            T->desc.parallel_for = run_backwards;
            T->desc.parallel_user = &calls;
        }
        watch();
        memset(sum, 0, 500 * sizeof *sum);
        CHECK_OK(mv_parallel_for(T, 500, add_index, sum, "work"));
        for (i = 0; i < 500; i++) CHECK(sum[i] == i + 1);
        CHECK(steps >= 1 && last_done == 500.0 && strangers == 0 && trace_depth == 0 && trace_calls == 2);
        watch();
        CHECK_OK(mv_parallel_for(T, 500, add_index, sum, NULL));
        CHECK(steps == 0);
        /* stopped at the first call: a serial run has done nothing, a pool at most what the others had
           begun */
        watch();
        stop_at = 1;
        memset(sum, 0, 500 * sizeof *sum);
        CHECK_STATUS(mv_parallel_for(T, 500, add_index, sum, "work"), MEDVOL_E_CANCELLED);
        CHECK(strstr(mv_message(T), "work") && T->error.code == MEDVOL_E_CANCELLED);
        for (ran = i = 0; i < 500; i++) ran += sum[i] != 0;
        if (t_threads == 1 || hook) CHECK(ran == 0);
        CHECK(trace_depth == 0);
        /* usable afterwards, also for nested work */
        watch();
        CHECK_OK(mv_parallel_for(T, 500, add_index, sum, "work"));
    }
    CHECK(calls >= 2 && mv_threads(T) == t_threads);
    free(sum);
    T->desc.parallel_for = NULL;
}
static void test_nested(void) {
    nest n;
    size_t hook, i, k, calls = 0;
    n.ctx = T;
    n.bad = 0;
    n.cell = (size_t(*)[8])malloc(100 * sizeof *n.cell);
    for (hook = 0; hook < 2; hook++) {
        if (hook) {
            T->desc.parallel_for = run_backwards;
            T->desc.parallel_user = &calls;
        }
        watch();
        memset(n.cell, 0, 100 * sizeof *n.cell);
        CHECK_OK(mv_parallel_for(T, 100, outer_job, &n, "outer"));
        CHECK(!n.bad && strangers == 0 && inner_labels == 0 && trace_calls == 2);
        for (i = 0; i < 100; i++)
            for (k = 0; k < 8; k++) CHECK(n.cell[i][k] == k + 1);
    }
    CHECK(calls >= 1);
    T->desc.parallel_for = NULL;
    free(n.cell);
}
static void *own_context(void *arg) { /* a whole life of a context on its own thread */
    unsigned seed = (unsigned)(size_t)arg;
    mv_ctx ctx;
    mv_ctx_desc desc;
    size_t turn, i, bad = 0, n = 70000 + seed * 1000;
    float *f = (float *)malloc(n * 4);
    int16_t *s = (int16_t *)malloc(n * 2);
    memset(&desc, 0, sizeof desc);
    desc.threads = (int)(seed % 3) + 1;
    for (turn = 0; turn < 10; turn++) {
        if (mv_ctx_init(&ctx, &desc) < 0) { bad++; continue; }
        for (i = 0; i < n; i++) s[i] = (int16_t)(i * (seed + turn));
        if (mv_convert_array(&ctx, f, MEDVOL_F32, s, MEDVOL_I16, n, 2.0, 1.0) < 0) bad++;
        for (i = 0; i < n; i++) bad += f[i] != (float)s[i] * 2.0f + 1.0f;
        if (mv_convert_array(&ctx, f, MEDVOL_F32, s, MEDVOL_C64, n, 2.0, 1.0) != MEDVOL_E_DTYPE ||
            !strstr(mv_message(&ctx), "c64"))
            bad++;
        mv_ctx_free(&ctx);
    }
    free(f);
    free(s);
    return (void *)bad;
}
#if defined(__unix__) || defined(__APPLE__)
static void test_many_contexts(void) {
    pthread_t th[6];
    size_t i;
    for (i = 0; i < 6; i++) CHECK(pthread_create(&th[i], NULL, own_context, (void *)i) == 0);
    for (i = 0; i < 6; i++) {
        void *bad;
        CHECK(pthread_join(th[i], &bad) == 0 && bad == NULL);
    }
}
#else
static void test_many_contexts(void) { /* without threads of its own the test takes them in turn */
    size_t i;
    for (i = 0; i < 6; i++) CHECK(own_context((void *)i) == NULL);
}
#endif
static void *deny(void *user, size_t n) { (void)user; (void)n; return NULL; }
static void release(void *user, void *p) { (void)user; free(p); }
static void test_context(void) {
    mv_ctx ctx;
    mv_ctx_desc desc;
    CHECK_STATUS(mv_ctx_init(NULL, NULL), MEDVOL_E_NULL);
    memset(&desc, 0, sizeof desc);
    desc.threads = -1;
    CHECK_STATUS(mv_ctx_init(&ctx, &desc), MEDVOL_E_RANGE);
    CHECK(strstr(mv_message(&ctx), "-1") && !strcmp(ctx.error.field, "threads") && ctx.error.value == -1 &&
        ctx.error.offset == -1);
    desc.threads = 1025;
    CHECK_STATUS(mv_ctx_init(&ctx, &desc), MEDVOL_E_RANGE);
    desc.threads = 3;
    desc.mem_alloc = deny;
    CHECK_STATUS(mv_ctx_init(&ctx, &desc), MEDVOL_E_NULL);
    desc.mem_free = release;
#ifdef MEDVOL_NO_THREADS /* a pool is all that needs memory */
    CHECK_OK(mv_ctx_init(&ctx, &desc));
#else
    CHECK_STATUS(mv_ctx_init(&ctx, &desc), MEDVOL_E_NOMEM);
#endif
    CHECK(mv_threads(&ctx) == 1); /* serial, and of use */
    mv_ctx_free(&ctx);
    CHECK_OK(mv_ctx_init(&ctx, NULL));
    CHECK(mv_threads(&ctx) >= 1);
    mv_ctx_free(&ctx);
    mv_ctx_free(&ctx);
    CHECK(mv_threads(&ctx) == 1);
    mv_ctx_free(NULL);
    memset(&desc, 0, sizeof desc);
    desc.threads = 9;
    desc.parallel_for = run_backwards;
    CHECK_OK(mv_ctx_init(&ctx, &desc));
    CHECK(mv_threads(&ctx) == 9 && ctx.pool == NULL);
    mv_ctx_free(&ctx);
}
static void test_levels(void) {
    int best = mv_level_force(4), k;
    for (k = 1; k <= 4; k++)
        CHECK(mv_level_force(k) == (k > best ? best : k) && mv_level() == (k > best ? best : k));
    k = mv_level_force(0);
    CHECK(k >= 1 && k <= best);
    mv_level_force(t_level);
}

/* ---- volumes ---- */
static void test_volume_limits(void) {
    size_t dim[8] = {3, 4, 5, 1, 1, 1, 1, 1}, big = (size_t)1 << (sizeof(size_t) * 8 - 2);
    ptrdiff_t stride[3] = {1, 3, 12};
    unsigned char data[256];
    mv_volume v, keep, copied;
    memset(&v, 0, sizeof v);
    memset(&keep, 0, sizeof keep);
    CHECK_STATUS(mv_volume_alloc(T, NULL, MEDVOL_U8, 3, dim), MEDVOL_E_NULL);
    CHECK_STATUS(mv_volume_alloc(T, &v, MEDVOL_U8, 3, NULL), MEDVOL_E_NULL);
    CHECK_STATUS(mv_volume_alloc(T, &v, MEDVOL_U8, 0, dim), MEDVOL_E_RANGE);
    CHECK_STATUS(mv_volume_alloc(T, &v, MEDVOL_U8, 8, dim), MEDVOL_E_RANGE);
    CHECK_STATUS(mv_volume_alloc(T, &v, MEDVOL_U8, -1, dim), MEDVOL_E_RANGE);
    CHECK_STATUS(mv_volume_alloc(T, &v, MEDVOL_NONE, 3, dim), MEDVOL_E_DTYPE);
    CHECK_STATUS(mv_volume_alloc(T, &v, (mv_dtype)1, 3, dim), MEDVOL_E_DTYPE);
    dim[1] = 0;
    CHECK_STATUS(mv_volume_alloc(T, &v, MEDVOL_U8, 3, dim), MEDVOL_E_SIZE);
    dim[1] = big;
    CHECK_STATUS(mv_volume_alloc(T, &v, MEDVOL_U8, 3, dim), MEDVOL_E_SIZE);
    dim[0] = 1, dim[1] = 1, dim[2] = big;
    CHECK_STATUS(mv_volume_alloc(T, &v, MEDVOL_F32, 3, dim), MEDVOL_E_SIZE); /* wraps to 0 bytes */
    CHECK_STATUS(mv_volume_alloc(T, &v, MEDVOL_F64, 3, dim), MEDVOL_E_SIZE);
    dim[2] = (size_t)PTRDIFF_MAX;
    if (sizeof dim[2] > 4) { /* a size, but no memory: 2 GiB there can be */
        CHECK_STATUS(mv_volume_alloc(T, &v, MEDVOL_U8, 3, dim), MEDVOL_E_NOMEM);
        CHECK(strstr(mv_message(T), "memory"));
    }
    dim[2] = (size_t)PTRDIFF_MAX + 1;
    CHECK_STATUS(mv_volume_alloc(T, &v, MEDVOL_U8, 3, dim), MEDVOL_E_SIZE);
    CHECK(!memcmp(&v, &keep, sizeof v));
    dim[0] = 3, dim[1] = 4, dim[2] = 5;
    T->desc.limits.max_bytes = 59;
    CHECK_STATUS(mv_volume_alloc(T, &v, MEDVOL_U8, 3, dim), MEDVOL_E_LIMIT);
    T->desc.limits.max_bytes = 60;
    CHECK_OK(mv_volume_alloc(T, &v, MEDVOL_U8, 3, dim));
    CHECK(v.ndim == 3 && v.dim[3] == 1 && v.dim[6] == 1 && v.stride[0] == 1 && v.stride[1] == 3 &&
        v.stride[2] == 12 && v.affine[0] == 1 && v.slope == 0);
    CHECK(mv_volume_count(&v) == 60 && mv_volume_contiguous(&v) && (uintptr_t)v.data % 64 == 0);
    mv_volume_free(T, &v);
    mv_volume_free(T, &v);
    mv_volume_free(T, NULL);
    CHECK(mv_volume_count(&v) == 0 && mv_volume_count(NULL) == 0 && !mv_volume_contiguous(NULL) &&
        !mv_volume_contiguous(&v));
    memset(&copied, 0, sizeof copied);
    CHECK_STATUS(mv_volume_wrap(T, &v, NULL, MEDVOL_U8, 3, dim, NULL), MEDVOL_E_NULL);
    CHECK_STATUS(mv_volume_wrap(T, NULL, data, MEDVOL_U8, 3, dim, NULL), MEDVOL_E_NULL);
    CHECK_OK(mv_volume_wrap(T, &v, data, MEDVOL_U8, 3, dim, stride));
    CHECK(mv_volume_contiguous(&v) && v.owner == NULL);
    for (v.ndim = 8; v.ndim != -2; v.ndim = v.ndim == 8 ? 0 : v.ndim - 1) /* axes that there cannot be */
        CHECK(mv_volume_count(&v) == 0 && !mv_volume_contiguous(&v));
    stride[1] = 4, stride[2] = 16;
    CHECK_OK(mv_volume_wrap(T, &v, data, MEDVOL_U8, 3, dim, stride));
    CHECK(!mv_volume_contiguous(&v));
    v.dim[5] = 0; /* 1 beyond ndim: the call says which is not */
    CHECK_STATUS(mv_volume_copy(T, &copied, &v), MEDVOL_E_SHAPE);
    CHECK(strstr(mv_message(T), "dim[5]") && !copied.data);
    stride[1] = 2;
    CHECK_STATUS(mv_volume_wrap(T, &v, data, MEDVOL_U8, 3, dim, stride), MEDVOL_E_SHAPE);
    stride[1] = 3, stride[2] = 11;
    CHECK_STATUS(mv_volume_wrap(T, &v, data, MEDVOL_U8, 3, dim, stride), MEDVOL_E_SHAPE);
    stride[2] = -12;
    CHECK_STATUS(mv_volume_wrap(T, &v, data, MEDVOL_U8, 3, dim, stride), MEDVOL_E_SHAPE);
    stride[2] = 12, stride[0] = 2;
    CHECK_STATUS(mv_volume_wrap(T, &v, data, MEDVOL_U8, 3, dim, stride), MEDVOL_E_SHAPE);
    stride[0] = 1, stride[2] = PTRDIFF_MAX / 3;
    CHECK_STATUS(mv_volume_wrap(T, &v, data, MEDVOL_U8, 3, dim, stride), MEDVOL_E_SIZE);
    stride[2] = PTRDIFF_MAX / 4 - 100;
    CHECK_OK(mv_volume_wrap(T, &v, data, MEDVOL_U8, 3, dim, stride));
    CHECK_STATUS(mv_volume_wrap(T, &v, data, MEDVOL_I16, 3, dim, stride), MEDVOL_E_SIZE);
}
static void test_view(void) {
    size_t dim[3] = {6, 5, 4}, start[3] = {0, 0, 0}, size[3] = {6, 5, 4}, k;
    int16_t data[120];
    mv_volume v, w, x, keep;
    for (k = 0; k < 120; k++) data[k] = (int16_t)k;
    memset(&w, 0, sizeof w);
    keep = w;
    CHECK_OK(mv_volume_wrap(T, &v, data, MEDVOL_I16, 3, dim, NULL));
    CHECK_OK(mv_volume_view(T, &w, &v, start, size));
    CHECK(w.data == v.data && mv_volume_contiguous(&w) && w.owner == NULL);
    w = keep;
    CHECK_STATUS(mv_volume_view(T, NULL, &v, start, size), MEDVOL_E_NULL);
    CHECK_STATUS(mv_volume_view(T, &w, NULL, start, size), MEDVOL_E_NULL);
    CHECK_STATUS(mv_volume_view(T, &w, &keep, start, size), MEDVOL_E_NULL);
    CHECK_STATUS(mv_volume_view(T, &w, &v, NULL, size), MEDVOL_E_NULL);
    CHECK_STATUS(mv_volume_view(T, &w, &v, start, NULL), MEDVOL_E_NULL);
    for (k = 0; k < 3; k++) {
        size_t old = size[k];
        size[k] = 0;
        CHECK_STATUS(mv_volume_view(T, &w, &v, start, size), MEDVOL_E_RANGE);
        size[k] = old + 1;
        CHECK_STATUS(mv_volume_view(T, &w, &v, start, size), MEDVOL_E_RANGE);
        size[k] = (size_t)-1;
        start[k] = 1;
        CHECK_STATUS(mv_volume_view(T, &w, &v, start, size), MEDVOL_E_RANGE);
        size[k] = 1;
        start[k] = old;
        CHECK_STATUS(mv_volume_view(T, &w, &v, start, size), MEDVOL_E_RANGE);
        start[k] = (size_t)-1;
        CHECK_STATUS(mv_volume_view(T, &w, &v, start, size), MEDVOL_E_RANGE);
        start[k] = 0;
        size[k] = old;
    }
    CHECK(!memcmp(&w, &keep, sizeof w));
    start[0] = 1, start[1] = 2, start[2] = 3, size[0] = 3, size[1] = 2, size[2] = 1;
    v.affine[1] = 0.5;
    CHECK_OK(mv_volume_view(T, &w, &v, start, size));
    start[0] = 2, start[1] = 1, start[2] = 0, size[0] = size[1] = 1;
    CHECK_OK(mv_volume_view(T, &x, &w, start, size)); /* a view of a view */
    CHECK(*(int16_t *)x.data == 3 + 6 * (3 + 5 * 3) && mv_volume_count(&x) == 1);
    CHECK_NEAR(x.affine[3], 3 + 0.5 * 3, 0);
    CHECK_NEAR(x.affine[7], 3, 0);
    CHECK_OK(mv_volume_view(T, &v, &v, start, size)); /* in place */
    CHECK(*(int16_t *)v.data == 2 + 6);
}
/* The rule of destinations, on mv_convert (in place) and mv_volume_copy (never in place). */
static void test_destinations(void) {
    size_t dim[3] = {4, 3, 2}, other[3] = {4, 2, 3}, one[4] = {4, 3, 2, 1};
    int16_t a[64], b[64];
    float f[64];
    mv_volume src, dst, keep, null_vol;
    size_t i;
    memset(&null_vol, 0, sizeof null_vol);
    for (i = 0; i < 64; i++) a[i] = (int16_t)(i * 3), b[i] = -1, f[i] = -1.0f;
    CHECK_OK(mv_volume_wrap(T, &src, a, MEDVOL_I16, 3, dim, NULL));
    CHECK_STATUS(mv_convert(T, NULL, &src, MEDVOL_F32, NULL), MEDVOL_E_NULL);
    dst = null_vol;
    CHECK_STATUS(mv_convert(T, &dst, NULL, MEDVOL_F32, NULL), MEDVOL_E_NULL);
    CHECK_STATUS(mv_convert(T, &dst, &null_vol, MEDVOL_F32, NULL), MEDVOL_E_NULL);
    CHECK_STATUS(mv_volume_copy(T, NULL, &src), MEDVOL_E_NULL);
    /* wrong type, wrong shape: refused, untouched */
    CHECK_OK(mv_volume_wrap(T, &dst, f, MEDVOL_F32, 3, dim, NULL));
    keep = dst;
    CHECK_STATUS(mv_convert(T, &dst, &src, MEDVOL_I16, NULL), MEDVOL_E_DTYPE);
    CHECK(strstr(mv_message(T), "f32") && strstr(mv_message(T), "i16"));
    CHECK_STATUS(mv_volume_copy(T, &dst, &src), MEDVOL_E_DTYPE);
    CHECK_OK(mv_volume_wrap(T, &dst, f, MEDVOL_F32, 3, other, NULL));
    CHECK_STATUS(mv_convert(T, &dst, &src, MEDVOL_F32, NULL), MEDVOL_E_SHAPE);
    for (i = 0; i < 64; i++) CHECK(f[i] == -1.0f);
    dst = keep;
    CHECK_OK(mv_convert(T, &dst, &src, MEDVOL_F32, NULL));
    for (i = 0; i < 64; i++) CHECK(f[i] == (i < 24 ? (float)a[i] : -1.0f));
    CHECK(dst.owner == NULL && dst.data == f);
    CHECK_OK(mv_volume_wrap(T, &dst, b, MEDVOL_I16, 4, one, NULL)); /* trailing ones do not count */
    CHECK_OK(mv_volume_copy(T, &dst, &src));
    CHECK(!memcmp(a, b, 48) && b[24] == -1);
    /* overlap */
    CHECK_OK(mv_volume_wrap(T, &dst, a + 8, MEDVOL_I16, 3, dim, NULL));
    CHECK_STATUS(mv_volume_copy(T, &dst, &src), MEDVOL_E_ALIAS);
    CHECK_STATUS(mv_convert(T, &dst, &src, MEDVOL_I16, NULL), MEDVOL_E_ALIAS);
    CHECK_OK(mv_volume_wrap(T, &dst, a + 23, MEDVOL_I16, 3, dim, NULL));
    CHECK_STATUS(mv_convert(T, &dst, &src, MEDVOL_I16, NULL), MEDVOL_E_ALIAS);
    CHECK_OK(mv_volume_wrap(T, &dst, a + 24, MEDVOL_I16, 3, dim, NULL)); /* neighbours do not overlap */
    CHECK_OK(mv_convert(T, &dst, &src, MEDVOL_I16, NULL));
    CHECK(!memcmp(a, a + 24, 48));
    for (i = 0; i < 24; i++) CHECK(a[i] == (int16_t)(i * 3));
    CHECK_OK(mv_volume_wrap(T, &dst, a, MEDVOL_U16, 3, dim, NULL)); /* two structs, same voxels: in place */
    src.slope = 2.0;
    CHECK_OK(mv_convert(T, &dst, &src, MEDVOL_U16, NULL));
    for (i = 0; i < 24; i++) CHECK(((uint16_t *)(void *)a)[i] == i * 6);
    /* no memory: dst stays what it was */
    CHECK_OK(mv_volume_wrap(T, &src, b, MEDVOL_I16, 3, dim, NULL));
    dst = null_vol;
    t_fail_alloc(1, 1);
    CHECK_STATUS(mv_convert(T, &dst, &src, MEDVOL_F64, NULL), MEDVOL_E_NOMEM);
    CHECK_STATUS(mv_volume_copy(T, &dst, &src), MEDVOL_E_NOMEM);
    CHECK(!memcmp(&dst, &null_vol, sizeof dst));
    keep = src;
    CHECK_STATUS(mv_convert(T, &src, &src, MEDVOL_F64, NULL), MEDVOL_E_NOMEM);
    CHECK(!memcmp(&src, &keep, sizeof src));
    t_fail_alloc(0, 0);
}
/* cancelled in the middle: a new dst is released and stays empty, an old header survives */
static void test_cancel(void) {
    size_t dim = 300000;
    mv_volume src, dst, none;
    memset(&none, 0, sizeof none);
    dst = none;
    CHECK_OK(mv_volume_alloc(T, &src, MEDVOL_U8, 1, &dim));
    memset(src.data, 7, dim);
    watch();
    stop_at = t_threads == 1 ? 2 : 1;
    CHECK_STATUS(mv_convert(T, &dst, &src, MEDVOL_F32, NULL), MEDVOL_E_CANCELLED);
    CHECK(!memcmp(&dst, &none, sizeof dst) && strangers == 0);
    watch();
    stop_at = t_threads == 1 ? 2 : 1;
    none = src;
    CHECK_STATUS(mv_convert(T, &src, &src, MEDVOL_F32, NULL), MEDVOL_E_CANCELLED);
    CHECK(!memcmp(&src, &none, sizeof src) && ((unsigned char *)src.data)[dim - 1] == 7);
    T->desc.progress = NULL;
    T->desc.trace = NULL;
    mv_volume_free(T, &src);
}
/* kept header fields travel with copies and conversions, each copy with memory of its own */
static void test_header_travels(void) {
    mv_nifti h;
    unsigned char ext[32];
    size_t dim[2] = {5, 3}, i;
    mv_volume v, w, x;
    memset(&h, 0, sizeof h);
    memset(&w, 0, sizeof w);
    memset(&x, 0, sizeof x);
    for (i = 0; i < 32; i++) ext[i] = (unsigned char)(i + 1);
    h.version = 1, h.intent_code = 1002, h.ext_bytes = 32, h.ext = ext;
    strcpy(h.descrip, "kept");
    CHECK_OK(mv_volume_alloc(T, &v, MEDVOL_U8, 2, dim));
    memset(v.data, 1, 15);
    v.nifti = &h;
    CHECK_OK(mv_volume_copy(T, &w, &v));
    CHECK(w.nifti && w.nifti != &h && w.owns_nifti && !strcmp(w.nifti->descrip, "kept") &&
        w.nifti->ext != ext && !memcmp(w.nifti->ext, ext, 32));
    CHECK_OK(mv_convert(T, &x, &w, MEDVOL_F64, NULL));
    CHECK(x.nifti && x.nifti != w.nifti && x.nifti->intent_code == 1002 && !memcmp(x.nifti->ext, ext, 32));
    CHECK_OK(mv_convert(T, &w, &w, MEDVOL_I8, NULL)); /* in place, and to new memory */
    CHECK_OK(mv_convert(T, &w, &w, MEDVOL_I64, NULL));
    CHECK(w.nifti && !memcmp(w.nifti->ext, ext, 32));
    {
        size_t before = t_live();
        CHECK_OK(mv_convert(T, &x, &w, MEDVOL_F64, NULL)); /* over an old header: no leak */
        CHECK(t_live() == before);
    }
    {
        size_t k, n;
        for (k = 1; k < 3; k++) {
            mv_volume y;
            memset(&y, 0, sizeof y);
            n = t_live();
            t_fail_alloc(k, 0);
            CHECK_STATUS(mv_volume_copy(T, &y, &v), MEDVOL_E_NOMEM);
            t_fail_alloc(0, 0);
            CHECK(t_live() == n && y.data == NULL);
        }
    }
    mv_volume_free(T, &w);
    mv_volume_free(T, &x);
    v.nifti = NULL;
    mv_volume_free(T, &v);
}

const t_case tests_core[] = {
    {"status", test_status, T_ONCE},
    {"dtypes", test_dtypes, T_ONCE},
    {"parallel_for", test_parallel_for, 0},
    {"progress", test_progress, 0},
    {"nested", test_nested, 0},
    {"many_contexts", test_many_contexts, T_ONCE},
    {"context", test_context, T_ONCE},
    {"levels", test_levels, 0},
    {"volume_limits", test_volume_limits, T_ONCE},
    {"view", test_view, T_ONCE},
    {"destinations", test_destinations, 0},
    {"cancel", test_cancel, 0},
    {"header_travels", test_header_travels, 0},
    {NULL, NULL, 0},
};
