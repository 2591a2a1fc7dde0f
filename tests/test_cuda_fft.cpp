/* test_cuda_fft.cpp - [FFT] of medvol_cuda.h beside medvol.h. */
#include "cuda_test.h"

/* ---- plans beside those of medvol.h ---- */
static size_t reach(const size_t *dim, const ptrdiff_t *stride, int nd) { /* elements from first to last */
    size_t n = 1, whole = 1;
    int d, given = 0;
    for (d = 0; d < nd; d++) {
        given |= stride[d] != 0;
        n += (dim[d] - 1) * (size_t)stride[d];
        whole *= dim[d];
    }
    return given ? n : whole;
}
/* Norm of the difference over that of the result, in units of sqrt(log2 n) */
static double apart(const void *got, const void *want, size_t n, int f64, double logs) {
    double d = 0, s = 0;
    size_t i;
    for (i = 0; i < n; i++) {
        const double a = f64 ? ((const double *)got)[i] : (double)((const float *)got)[i];
        const double b = f64 ? ((const double *)want)[i] : (double)((const float *)want)[i];
        d += (a - b) * (a - b), s += b * b;
    }
    return s > 0 ? sqrt(d / s) / (logs > 1 ? sqrt(logs) : 1.0) : d > 0 ? 1e30 : 0.0;
}
static int engine = -1;                /* 1: cuFFT, 0: the header's own kernels */
static int can(const mv_fft_desc *d) { /* that engine, these lengths */
    int k;
    size_t n;
    if (engine < 0) {
        mv_cuda_fft_plan p;
        mv_fft_desc e;
        memset(&e, 0, sizeof e);
        e.ndim = 1, e.dim[0] = 11;
        engine = mv_cuda_fft_plan_init(&gpu, &p, &e) == MEDVOL_OK;
        if (engine) mv_cuda_fft_plan_free(&gpu, &p);
        else check(strstr(mv_cuda_message(&gpu), "2, 3, 5 and 7") != NULL, "says what it takes", __LINE__);
        printf("fft: by %s\n", engine ? "cuFFT" : "own kernels");
    }
    for (k = 0; k < d->ndim && !engine; k++) {
        if (!((d->axes ? d->axes : 127u) >> k & 1u)) continue;
        for (n = d->dim[k]; n % 2 == 0; n /= 2) {}
        for (; n % 3 == 0; n /= 3) {}
        for (; n % 5 == 0; n /= 5) {}
        for (; n % 7 == 0; n /= 7) {}
        if (n > 1) return 0;
    }
    return 1;
}
enum { TAME = 0, INPLACE = 1, OFFSET = 2 };
static void transform(const mv_fft_desc *desc, int how, int line) {
    mv_fft_desc d = *desc;
    mv_fft_plan want;
    mv_cuda_fft_plan plan;
    const int real = (d.flags & MEDVOL_FFT_REAL) != 0, inverse = (d.flags & MEDVOL_FFT_INVERSE) != 0;
    const int f64 = d.dtype == MEDVOL_C128;
    const size_t item = f64 ? 8 : 4, off = how & OFFSET ? item : 0;
    size_t in, out, n, i;
    double logs = 0, far;
    unsigned char *a, *b, *c, *there = NULL, *to = NULL;
    mv_status st;
    int k;
    snprintf(about, sizeof about, "%s %zux%zux%zux%zu axes %u flags %u in %zux%zux%zu out %zux%zux%zu how %d",
             f64 ? "c128" : "c64", d.dim[0], d.dim[1], d.dim[2], d.dim[3], d.axes, d.flags, d.in_dim[0],
             d.in_dim[1], d.in_dim[2], d.out_dim[0], d.out_dim[1], d.out_dim[2], how);
    st = mv_fft_plan_init(&cpu, &want, &d);
    if (st == MEDVOL_OK && !can(&d)) {
        mv_fft_plan_free(&cpu, &want);
        CHECK_STATUS(mv_cuda_fft_plan_init(&gpu, &plan, &d), MEDVOL_E_UNSUPPORTED);
        return;
    }
    check_status(mv_cuda_fft_plan_init(&gpu, &plan, &d), st, mv_cuda_message(&gpu), line);
    if (st < 0 || !plan.tables) return;
    check(!memcmp(&plan.desc, &want.desc, sizeof want.desc), "desc as understood", line);
    for (k = 0; k < d.ndim; k++)
        if (want.desc.axes >> k & 1u) logs += log2((double)d.dim[k]);
    in = reach(want.desc.in_dim, d.in_stride, d.ndim) * item * (real && !inverse ? 1 : 2);
    out = reach(want.desc.out_dim, d.out_stride, d.ndim) * item * (real && inverse ? 1 : 2);
    n = in > out ? in : out;
    a = (unsigned char *)malloc(n), b = (unsigned char *)malloc(n), c = (unsigned char *)malloc(n);
    for (i = 0; i < n / item; i++) {
        const double x = uniform() * 2 - 1;
        if (f64) ((double *)(void *)a)[i] = x;
        else ((float *)(void *)a)[i] = (float)x;
    }
    memcpy(b, a, n);
    CHECK(dev_new(&there, n + off) && dev_new(&to, n + off));
    CHECK(dev_put(there + off, a, n) && dev_put(to + off, a, n));
    if (how & INPLACE) {
        CHECK_STATUS(mv_fft_plan_execute(&cpu, &want, b, b), MEDVOL_OK);
        CHECK_SETTLED(mv_cuda_fft_plan_execute(&gpu, &plan, to + off, to + off), MEDVOL_OK);
    } else {
        CHECK_STATUS(mv_fft_plan_execute(&cpu, &want, b, a), MEDVOL_OK);
        CHECK_SETTLED(mv_cuda_fft_plan_execute(&gpu, &plan, to + off, there + off), MEDVOL_OK);
        CHECK(dev_get(c, there + off, n));
        check(!memcmp(a, c, n), "src as it was", line);
    }
    CHECK(dev_get(c, to + off, n));
    keep(c, out);
    far = apart(c, b, n / item, f64, logs);
    check(far < (f64 ? 3e-16 : 1.5e-7), "accuracy", line);
    if (getenv("FFT_TOLD")) printf("%s: %.3g\n", about, far);
    dev_free(there), dev_free(to);
    free(a), free(b), free(c);
    mv_fft_plan_free(&cpu, &want);
    mv_cuda_fft_plan_free(&gpu, &plan);
}
#define TRANSFORM(d, how) transform(d, how, __LINE__)
static mv_fft_desc desc_of(int ndim, size_t a, size_t b, size_t c, size_t e, unsigned axes, unsigned flags) {
    mv_fft_desc d;
    memset(&d, 0, sizeof d);
    d.ndim = ndim;
    d.dim[0] = a, d.dim[1] = b, d.dim[2] = c, d.dim[3] = e;
    d.axes = axes, d.flags = flags;
    return d;
}
/* A plan of cuFFT takes 10 to 100 ms: of many cases a GPU has one of so many; emulated, all are had. */
static int skipped(size_t n, size_t of) {
    const mv_fft_desc d = desc_of(1, 2, 1, 1, 1, 0, 0);
    (void)can(&d);
    return (engine && !emulated && n % of != of / 2) || spared();
}
static void plans(void) {
    static const size_t dims[][4] = {{1, 1, 1, 1},  {2, 1, 1, 1},   {8, 3, 1, 1},   {16, 16, 16, 1},
                                     {30, 7, 5, 2}, {33, 31, 2, 1}, {128, 3, 4, 2}, {1, 9, 1, 5},
                                     {7, 1, 12, 3}, {64, 33, 1, 1}};
    static const unsigned axes[] = {1, 2, 3, 4, 5, 6, 7, 15, 9};
    static const unsigned flags[] = {0,
                                     MEDVOL_FFT_INVERSE | MEDVOL_FFT_SCALED,
                                     MEDVOL_FFT_CENTERED,
                                     MEDVOL_FFT_CENTERED | MEDVOL_FFT_INVERSE | MEDVOL_FFT_UNITARY,
                                     MEDVOL_FFT_UNITARY,
                                     MEDVOL_FFT_REAL,
                                     MEDVOL_FFT_REAL | MEDVOL_FFT_UNITARY,
                                     MEDVOL_FFT_REAL | MEDVOL_FFT_INVERSE,
                                     MEDVOL_FFT_REAL | MEDVOL_FFT_INVERSE | MEDVOL_FFT_SCALED};
    size_t i, j, k, n = 0;
    for (i = 0; i < sizeof dims / sizeof *dims; i++)
        for (j = 0; j < sizeof axes / sizeof *axes; j++)
            for (k = 0; k < sizeof flags / sizeof *flags; k++, n++) {
                if (skipped(n, 5)) continue;
                mv_fft_desc d = desc_of(4, dims[i][0], dims[i][1], dims[i][2], dims[i][3], axes[j], flags[k]);
                if ((i + j + k) % 3 == 0) d.dtype = MEDVOL_C128;
                TRANSFORM(&d, TAME);
                if (!(flags[k] & MEDVOL_FFT_REAL)) TRANSFORM(&d, INPLACE);
                if (k % 2 == 0) TRANSFORM(&d, OFFSET);
            }
}

/* ---- every length that has kernels of its own, and some that have not; contiguous and across ---- */
static void lengths(void) {
    static const size_t more[] = {343,  375,  384,  448,  486,  500,   512,   640,   729,
                                  1000, 1024, 1250, 2048, 2187, 2401,  3125,  4096,  4375,
                                  4802, 7000, 7168, 8192, 9604, 10000, 15625, 16384, 17496};
    static const size_t primes[] = {11, 13, 17, 22, 121, 127, 143, 1009};
    size_t n, k;
    for (n = 1; n <= 256 + sizeof more / sizeof *more; n++) {
        const size_t m = n <= 256 ? n : more[n - 257];
        mv_fft_desc d = desc_of(1, m, 1, 1, 1, 0, n % 2 ? MEDVOL_FFT_CENTERED : MEDVOL_FFT_SCALED);
        if (!can(&d) || (n > 32 && n <= 256 && skipped(n, 7))) continue;
        if (m % 32 < 2) d.flags |= MEDVOL_FFT_INVERSE;
        TRANSFORM(&d, TAME);
        if (m > 4096 && n % 2) continue;
        d.flags = MEDVOL_FFT_REAL | MEDVOL_FFT_UNITARY;
        TRANSFORM(&d, TAME);
        d.flags |= MEDVOL_FFT_INVERSE;
        TRANSFORM(&d, TAME);
        d.dtype = MEDVOL_C128;
        TRANSFORM(&d, TAME);
        if (m > 300) continue;
        d = desc_of(2, 3 + m % 30, m, 1, 1, 2, MEDVOL_FFT_CENTERED); /* across */
        if (n % 3 == 0) d.dtype = MEDVOL_C128;
        TRANSFORM(&d, n % 2 ? INPLACE : TAME);
        d = desc_of(3, 3, m, 2, 1, 2, n % 2 ? MEDVOL_FFT_REAL : MEDVOL_FFT_REAL | MEDVOL_FFT_INVERSE);
        TRANSFORM(&d, n % 4 < 2 ? OFFSET : TAME);
    }
    for (k = 0; k < sizeof primes / sizeof *primes; k++) { /* cuFFT alone */
        mv_fft_desc d = desc_of(2, primes[k], 6, 1, 1, 0, 0);
        TRANSFORM(&d, TAME);
        d.flags = MEDVOL_FFT_CENTERED | MEDVOL_FFT_UNITARY;
        TRANSFORM(&d, INPLACE);
        d.flags = MEDVOL_FFT_REAL;
        TRANSFORM(&d, TAME);
        d.flags = MEDVOL_FFT_REAL | MEDVOL_FFT_INVERSE;
        TRANSFORM(&d, OFFSET);
    }
}
/* Lines beyond a block: by rows and columns. */
static void lengthy(void) {
    mv_fft_desc d = desc_of(2, 10000, 2, 1, 1, 1, MEDVOL_FFT_CENTERED | MEDVOL_FFT_INVERSE);
    d.in_dim[0] = 9001;
    TRANSFORM(&d, TAME);
    d.out_dim[0] = 7777;
    TRANSFORM(&d, TAME);
    d = desc_of(2, 5, 16384, 1, 1, 2, MEDVOL_FFT_UNITARY); /* across */
    TRANSFORM(&d, TAME);
    TRANSFORM(&d, INPLACE);
    d.dtype = MEDVOL_C128;
    TRANSFORM(&d, TAME);
    d = desc_of(3, 3, 20480, 2, 1, 2, MEDVOL_FFT_REAL);
    TRANSFORM(&d, TAME);
    d.flags = MEDVOL_FFT_REAL | MEDVOL_FFT_INVERSE | MEDVOL_FFT_UNITARY;
    TRANSFORM(&d, TAME);
    d = desc_of(1, 15625, 1, 1, 1, 1, MEDVOL_FFT_REAL); /* odd */
    TRANSFORM(&d, OFFSET);
    d.flags |= MEDVOL_FFT_INVERSE | MEDVOL_FFT_SCALED;
    TRANSFORM(&d, OFFSET);
    d = desc_of(1, 32768, 1, 1, 1, 1, MEDVOL_FFT_REAL | MEDVOL_FFT_UNITARY);
    d.dtype = MEDVOL_C128;
    TRANSFORM(&d, TAME);
    d.flags |= MEDVOL_FFT_INVERSE;
    TRANSFORM(&d, TAME);
}
/* Zeros about src, crops of dst, strides of any order */
static void layouts(void) {
    int round;
    for (round = 0; round < 160; round++) {
        static const size_t smooth[] = {1,  2,  3,  4,  5,  6,  7,  8,  9,  10, 12,
                                        14, 15, 16, 18, 20, 21, 24, 30, 32, 35, 48};
        const int nd = 1 + (int)(draw() % 4), real = draw() % 3 == 0, back = (int)(draw() % 2),
                  same = draw() % 2;
        mv_fft_desc d = desc_of(nd, 1, 1, 1, 1, 0, 0);
        size_t at[2] = {1 + draw() % 2, 1 + draw() % 2};
        int order[4] = {0, 1, 2, 3}, k, low = 0;
        d.axes = draw() % (1u << nd);
        d.flags = (real         ? (unsigned)MEDVOL_FFT_REAL
                   : draw() % 2 ? (unsigned)MEDVOL_FFT_CENTERED
                                : 0u) |
                  (back ? (unsigned)MEDVOL_FFT_INVERSE : 0u) |
                  (draw() % 2 ? 0u : (unsigned)MEDVOL_FFT_UNITARY);
        d.scale = draw() % 2 ? 0.75 : 0.0;
        d.dtype = draw() % 4 ? MEDVOL_C64 : MEDVOL_C128;
        while (d.axes && !(d.axes >> low & 1u)) low++;
        for (k = 0; k < nd; k++) {
            const size_t n = d.dim[k] = smooth[draw() % 22];
            const int on = !d.axes || (d.axes >> k & 1u), lowest = real && k == low;
            d.in_dim[k] = lowest && back ? n / 2 + 1 : on && !lowest && draw() % 2 ? 1 + draw() % n : n;
            d.out_dim[k] = lowest && !back ? n / 2 + 1 : on && !lowest && draw() % 2 ? 1 + draw() % n : n;
        }
        for (k = 0; k < nd && round % 3; k++) { /* gaps, and axes in another order */
            const int other = (int)(draw() % (unsigned)nd), t = order[k];
            order[k] = order[other], order[other] = t;
        }
        for (k = 0; k < nd && round % 4; k++) {
            const int x = order[k];
            d.in_stride[x] = (ptrdiff_t)at[0], d.out_stride[x] = (ptrdiff_t)at[1];
            at[0] = at[0] * d.in_dim[x] + draw() % 3, at[1] = at[1] * d.out_dim[x] + draw() % 3;
            if (same && !real) {
                const size_t most = at[0] > at[1] ? at[0] : at[1];
                d.out_stride[x] = d.in_stride[x];
                at[0] = at[1] =
                    (size_t)d.in_stride[x] * (d.in_dim[x] > d.out_dim[x] ? d.in_dim[x] : d.out_dim[x]);
                if (most > at[0]) at[0] = at[1] = most;
            }
        }
        TRANSFORM(&d, round % 5 == 0 ? OFFSET : TAME);
        if (same && !real && round % 4) TRANSFORM(&d, INPLACE);
    }
}

/* ---- volumes ---- */
static void tame(twin *t) { /* numbers of moderate size */
    mv_volume *v = &t->host;
    const int cx = v->dtype == MEDVOL_C64 || v->dtype == MEDVOL_C128;
    each(v, [&](unsigned char *p) {
        double x[2];
        x[0] = floor(uniform() * 100) - (v->dtype == MEDVOL_U8 || v->dtype == MEDVOL_U16 ? 0 : 50);
        x[1] = floor(uniform() * 100) - 50;
        if (cx && v->dtype == MEDVOL_C128) memcpy(p, x, 16);
        else if (cx) {
            const float f[2] = {(float)x[0], (float)x[1]};
            memcpy(p, f, 8);
        } else (void)mv_convert_array(NULL, p, v->dtype, x, MEDVOL_F64, 1, 1.0, 0.0);
    });
    send(t);
}
/* A volume of the device as mv_volume of the host */
static void fetch(mv_volume *h, const mv_cuda_volume *d) {
    memset(h, 0, sizeof *h);
    CHECK_STATUS(mv_cuda_download(&gpu, h, d, MEDVOL_NONE, NULL), MEDVOL_OK);
}
static double volumes_apart(const mv_volume *got, const mv_volume *want) {
    double d = 0, n = 0;
    size_t k = 0, count = mv_volume_count(want),
           parts = want->dtype == MEDVOL_C64 || want->dtype == MEDVOL_C128 ? 2 : 1;
    const int f64 = want->dtype == MEDVOL_C128 || want->dtype == MEDVOL_F64;
    unsigned char *g = (unsigned char *)malloc(count * 16), *w = (unsigned char *)malloc(count * 16);
    const size_t z = mv_dtype_size(want->dtype);
    each(got, [&](unsigned char *p) { memcpy(g + k++ * z, p, z); });
    k = 0;
    each(want, [&](unsigned char *p) { memcpy(w + k++ * z, p, z); });
    for (k = 0; k < count * parts; k++) {
        const double a = f64 ? ((double *)(void *)g)[k] : (double)((float *)(void *)g)[k];
        const double b = f64 ? ((double *)(void *)w)[k] : (double)((float *)(void *)w)[k];
        d += (a - b) * (a - b), n += b * b;
    }
    free(g), free(w);
    return n > 0 ? sqrt(d / n) : d > 0 ? 1e30 : 0;
}
static void same_volume(const mv_cuda_volume *d, const mv_volume *h, double far, int line) {
    mv_volume got;
    int r;
    check(d->dtype == h->dtype && d->ndim == h->ndim && !memcmp(d->dim, h->dim, sizeof h->dim),
          "type and shape", line);
    if (d->dtype != h->dtype || memcmp(d->dim, h->dim, sizeof h->dim)) return;
    for (r = 0; r < 12; r++) check(fabs(d->affine[r] - h->affine[r]) < 1e-9, "affine", line);
    check(!memcmp(d->step, h->step, sizeof h->step), "steps", line);
    check(d->slope == h->slope && d->inter == h->inter, "scaling", line);
    fetch(&got, d);
    keep(got.data, mv_volume_count(&got) * mv_dtype_size(got.dtype));
    check(volumes_apart(&got, h) < far, "values", line);
    mv_volume_free(&cpu, &got);
}
typedef mv_status (*on_cpu)(mv_ctx *, mv_volume *, const mv_volume *, const mv_fft_opt *);
typedef mv_status (*on_gpu)(mv_cuda_ctx *, mv_cuda_volume *, const mv_cuda_volume *, const mv_fft_opt *);
static const on_cpu cpu_call[3] = {mv_fft, mv_rfft, mv_irfft};
static const on_gpu gpu_call[3] = {mv_cuda_fft, mv_cuda_rfft, mv_cuda_irfft};
/* One call by both: into new memory, into a volume with gaps, over itself. */
static void volume(int kind, mv_dtype type, const shape *dim, int layout, const mv_fft_opt *opt, int line) {
    twin a;
    mv_volume h;
    mv_cuda_volume d;
    mv_status want, got;
    snprintf(about, sizeof about, "kind %d %s %zux%zux%zux%zu layout %d axes %u flags %u shape %zux%zux%zu",
             kind, mv_dtype_name(type), dim->dim[0], dim->dim[1], dim->dim[2], dim->dim[3], layout, opt->axes,
             opt->flags, opt->shape[0], opt->shape[1], opt->shape[2]);
    twin_make(&a, type, dim, layout);
    twin_place(&a);
    tame(&a);
    memset(&h, 0, sizeof h), memset(&d, 0, sizeof d);
    want = cpu_call[kind](&cpu, &h, &a.host, opt);
    got = gpu_call[kind](&gpu, &d, &a.device, opt);
    if (!engine && got == MEDVOL_E_UNSUPPORTED) {
        mv_volume_free(&cpu, &h), twin_free(&a);
        return;
    }
    check_status(got, want, mv_cuda_message(&gpu), line);
    CHECK_STATUS(mv_cuda_sync(&gpu), MEDVOL_OK);
    if (want < 0) {
        check(d.data == NULL, "dst as it was", line);
        check(mv_cuda_message(&gpu)[0] != 0, "a message", line);
        twin_free(&a);
        return;
    }
    const double far = h.dtype == MEDVOL_C64 || h.dtype == MEDVOL_F32 ? 6e-7 : 2e-15;
    same_volume(&d, &h, far, line);
    {
        twin b;
        shape s;
        s.ndim = h.ndim;
        memcpy(s.dim, h.dim, sizeof s.dim);
        twin_make(&b, h.dtype, &s, VIEW);
        CHECK_SETTLED(gpu_call[kind](&gpu, &b.device, &a.device, opt), MEDVOL_OK);
        same_volume(&b.device, &h, far, line);
        twin_free(&b);
    }
    mv_cuda_volume_free(&gpu, &d);
    memset(&d, 0, sizeof d);
    CHECK_STATUS(mv_cuda_upload(&gpu, &d, &a.host, MEDVOL_NONE, NULL), MEDVOL_OK);
    if (!memcmp(a.host.dim, d.dim,
                sizeof d.dim)) { /* scaling was applied by the upload, so by itself again */
        mv_volume again;
        memset(&again, 0, sizeof again);
        fetch(&again, &d);
        mv_volume_free(&cpu, &h);
        memset(&h, 0, sizeof h);
        CHECK_STATUS(cpu_call[kind](&cpu, &h, &again, opt), MEDVOL_OK);
        CHECK_SETTLED(gpu_call[kind](&gpu, &d, &d, opt), MEDVOL_OK);
        same_volume(&d, &h, far, line);
        mv_volume_free(&cpu, &again);
    }
    mv_cuda_volume_free(&gpu, &d);
    mv_volume_free(&cpu, &h);
    twin_free(&a);
}
static void volumes(void) {
    static const mv_dtype types[] = {MEDVOL_U8,  MEDVOL_I8,  MEDVOL_U16, MEDVOL_I16,  MEDVOL_U32,
                                     MEDVOL_I32, MEDVOL_U64, MEDVOL_I64, MEDVOL_F16,  MEDVOL_BF16,
                                     MEDVOL_F32, MEDVOL_F64, MEDVOL_C64, MEDVOL_C128, MEDVOL_RGB24};
    static const shape shapes[] = {{1, {1}},         {1, {24}},         {2, {31, 6}},
                                   {3, {16, 9, 10}}, {4, {8, 5, 6, 3}}, {3, {1, 1, 14}}};
    static const unsigned flags[] = {0, MEDVOL_FFT_CENTERED | MEDVOL_FFT_UNITARY, MEDVOL_FFT_INVERSE,
                                     MEDVOL_FFT_CENTERED | MEDVOL_FFT_INVERSE | MEDVOL_FFT_SCALED};
    size_t i, j, k, n = 0;
    int kind;
    for (i = 0; i < sizeof types / sizeof *types; i++)
        for (j = 0; j < sizeof shapes / sizeof *shapes; j++)
            for (kind = 0; kind < 3; kind++)
                for (k = 0; k < (kind ? 2u : 4u); k++, n++) {
                    if (skipped(n, 5)) continue;
                    mv_fft_opt o;
                    memset(&o, 0, sizeof o);
                    o.flags = flags[k] & (kind ? (unsigned)MEDVOL_FFT_UNITARY : 31u);
                    if ((i + j + k) % 4 == 1) o.axes = 1u << (j % (size_t)shapes[j].ndim);
                    if ((i + j + k) % 4 == 2) { /* more here, less there */
                        o.shape[0] = kind == 2 ? 0 : shapes[j].dim[0] + 4;
                        if (shapes[j].ndim > 1) o.shape[1] = shapes[j].dim[1] * 2 / 3;
                    }
                    if (shapes[j].ndim == 4 && k == 2) o.axes = 10, o.shape[1] = 0, o.shape[3] = 5; /* steps beyond space */
                    if (k == 1) o.scale = 0.5;
                    volume(kind, types[i], &shapes[j], (int)((i + j + k) % 3), &o, __LINE__);
                }
}
static void refused(void) {
    static const shape s = {3, {8, 6, 5}};
    mv_fft_opt o;
    mv_fft_desc d;
    mv_fft_plan p;
    mv_cuda_fft_plan q;
    twin a;
    mv_cuda_volume v;
    int i, k;
    for (i = 0; i < 24; i++) { /* twice: by then the plans of what is not refused are kept */
        k = i % 12;
        memset(&o, 0, sizeof o);
        if (k == 0) o.axes = 8;
        if (k == 1) o.flags = 64;
        if (k == 2) o.flags = MEDVOL_FFT_UNITARY | MEDVOL_FFT_SCALED;
        if (k == 3) o.scale = NAN;
        if (k == 4) o.axes = 3, o.shape[2] = 7;
        if (k == 5) o.shape[0] = (size_t)1 << 29;
        if (k == 6) o.flags = MEDVOL_FFT_REAL;
        if (k == 7) o.flags = MEDVOL_FFT_CENTERED;
        if (k == 8) o.flags = MEDVOL_FFT_INVERSE;
        volume(k % 3, k % 3 == 2 ? MEDVOL_C64 : MEDVOL_F32, &s, PLAIN, &o, __LINE__);
        volume((k + 1) % 3, k % 3 == 2 ? MEDVOL_C64 : MEDVOL_F32, &s, PLAIN, &o, __LINE__);
        volume(2, MEDVOL_C64, &s, PLAIN, &o, __LINE__);
    }
    about[0] = 0;
    for (k = 0; k < 22; k++) { /* descs */
        mv_status want;
        d = desc_of(3, 8, 6, 5, 1, 0, 0);
        switch (k) {
            case 0: d.dtype = MEDVOL_F32; break;
            case 1: d.ndim = 0; break;
            case 2: d.ndim = 8; break;
            case 3: d.axes = 8; break;
            case 4: d.flags = 32; break;
            case 5: d.flags = MEDVOL_FFT_UNITARY | MEDVOL_FFT_SCALED; break;
            case 6: d.flags = MEDVOL_FFT_REAL | MEDVOL_FFT_CENTERED; break;
            case 7: d.scale = INFINITY; break;
            case 8: d.dim[1] = 0; break;
            case 9: d.dim[1] = ((size_t)1 << 28) + 1; break;
            case 10: d.in_dim[0] = 9; break;
            case 11: d.out_dim[2] = 6; break;
            case 12: d.axes = 1, d.in_dim[1] = 5; break;
            case 13: d.flags = MEDVOL_FFT_REAL, d.in_dim[0] = 7; break;
            case 14: d.flags = MEDVOL_FFT_REAL, d.out_dim[0] = 8; break;
            case 15: d.in_stride[0] = 1, d.in_stride[1] = 7, d.in_stride[2] = 48; break;
            case 16: d.out_stride[0] = 1, d.out_stride[1] = 8, d.out_stride[2] = 47; break;
            case 17: d.out_stride[0] = -1, d.out_stride[1] = 8, d.out_stride[2] = 48; break;
            case 18: d.dim[0] = d.dim[1] = d.dim[2] = (size_t)1 << 28; break;
            case 19: d.in_stride[0] = 1, d.in_stride[1] = 8, d.in_stride[2] = PTRDIFF_MAX / 64; break;
            case 20: d.axes = 3, d.dim[2] = (size_t)1 << 60; break;
            default: d.flags = 256;
        }
        want = mv_fft_plan_init(&cpu, &p, &d);
        check(want < 0, "refused by the CPU", k);
        snprintf(about, sizeof about, "desc %d", k);
        check_status(mv_cuda_fft_plan_init(&gpu, &q, &d), want, mv_cuda_message(&gpu), __LINE__);
        check(q.tables == NULL, "plan is empty", __LINE__);
    }
    about[0] = 0;
    d = desc_of(3, 8, 6, 5, 1, 0, 0);
    CHECK_STATUS(mv_cuda_fft_plan_init(&gpu, NULL, &d), MEDVOL_E_NULL);
    CHECK_STATUS(mv_cuda_fft_plan_init(&gpu, &q, NULL), MEDVOL_E_NULL);
    memset(&q, 0, sizeof q);
    twin_make(&a, MEDVOL_C64, &s, PLAIN);
    CHECK_STATUS(mv_cuda_fft_plan_execute(&gpu, &q, a.there, a.there), MEDVOL_E_NULL);
    CHECK_STATUS(mv_cuda_fft_plan_execute(&gpu, NULL, a.there, a.there), MEDVOL_E_NULL);
    CHECK_STATUS(mv_cuda_fft_plan_init(&gpu, &q, &d), MEDVOL_OK);
    CHECK_STATUS(mv_cuda_fft_plan_execute(&gpu, &q, NULL, a.there), MEDVOL_E_NULL);
    CHECK_STATUS(mv_cuda_fft_plan_execute(&gpu, &q, a.there, a.block), MEDVOL_E_POINTER);
    CHECK_STATUS(mv_cuda_fft_plan_execute(&gpu, &q, a.block, a.there), MEDVOL_E_POINTER);
    CHECK_STATUS(mv_cuda_fft_plan_execute(&gpu, &q, a.there + 8, a.there), MEDVOL_E_ALIAS);
    mv_cuda_fft_plan_free(&gpu, &q);
    CHECK(q.tables == NULL);
    d.flags = MEDVOL_FFT_REAL;
    CHECK_STATUS(mv_cuda_fft_plan_init(&gpu, &q, &d), MEDVOL_OK);
    CHECK_STATUS(mv_cuda_fft_plan_execute(&gpu, &q, a.there, a.there), MEDVOL_E_ALIAS);
    mv_cuda_fft_plan_free(&gpu, &q);
    memset(&v, 0, sizeof v);
    CHECK_STATUS(mv_cuda_fft(&gpu, NULL, &a.device, NULL), MEDVOL_E_NULL);
    CHECK_STATUS(mv_cuda_fft(&gpu, &v, NULL, NULL), MEDVOL_E_NULL);
    CHECK_STATUS(mv_cuda_fft(&gpu, &v, &v, NULL), MEDVOL_E_NULL);
    CHECK_STATUS(mv_cuda_fft(NULL, &v, &a.device, NULL), MEDVOL_E_NULL);
    CHECK_STATUS(mv_cuda_fft(&gpu, &v, &a.host, NULL), MEDVOL_E_POINTER);
    twin_free(&a);
}
/* NaN stays within what depends on it. */
static void nans(void) {
    int kind;
    for (kind = 0; kind < 4; kind++) {
        const size_t n = 48, rows = 3;
        mv_fft_desc d = desc_of(2, n, rows, 1, 1, 1,
                                kind == 0   ? 0u
                                : kind == 1 ? (unsigned)MEDVOL_FFT_CENTERED
                                : kind == 2 ? (unsigned)MEDVOL_FFT_REAL
                                            : (unsigned)(MEDVOL_FFT_REAL | MEDVOL_FFT_INVERSE));
        mv_cuda_fft_plan p;
        float *a = (float *)calloc(n * rows * 2, 4), *there = NULL, *to = NULL;
        const size_t step = kind == 2   ? n
                            : kind == 3 ? n + 2
                                        : 2 * n,
                     out = kind == 2   ? n + 2
                           : kind == 3 ? n
                                       : 2 * n;
        size_t i;
        int finite = 0, nan = 0;
        a[step + 5] = (float)NAN;
        CHECK(dev_new(&there, n * rows * 8) && dev_new(&to, n * rows * 8));
        CHECK(dev_put(there, a, n * rows * 8));
        CHECK_STATUS(mv_cuda_fft_plan_init(&gpu, &p, &d), MEDVOL_OK);
        CHECK_SETTLED(mv_cuda_fft_plan_execute(&gpu, &p, to, there), MEDVOL_OK);
        CHECK(dev_get(a, to, out * rows * 4));
        for (i = 0; i < out * rows; i++) {
            if (i / out == 1) nan += a[i] != a[i];
            else finite += a[i] == 0.0f;
        }
        snprintf(about, sizeof about, "kind %d: %d finite, %d NaN", kind, finite, nan);
        CHECK(finite == (int)(2 * out) && nan >= (int)out / 2);
        mv_cuda_fft_plan_free(&gpu, &p);
        dev_free(there), dev_free(to), free(a);
    }
    about[0] = 0;
}
/* What no real line has does not count, even NaN. */
static void dropped(void) {
    static const size_t lengths[] = {15, 16, 15625};
    size_t k, i;
    for (k = 0; k < 3; k++) {
        const size_t n = lengths[k], half = n / 2 + 1;
        mv_fft_desc d = desc_of(1, n, 1, 1, 1, 1, MEDVOL_FFT_REAL | MEDVOL_FFT_INVERSE);
        mv_cuda_fft_plan p;
        float *a = (float *)calloc(half * 2, 4), *there = NULL, *to = NULL;
        int ones = 0;
        a[0] = 1.0f, a[1] = (float)NAN;
        if (n % 2 == 0) a[2 * half - 1] = (float)NAN;
        CHECK(dev_new(&there, half * 8) && dev_new(&to, half * 8));
        CHECK(dev_put(there, a, half * 8));
        CHECK_STATUS(mv_cuda_fft_plan_init(&gpu, &p, &d), MEDVOL_OK);
        CHECK_SETTLED(mv_cuda_fft_plan_execute(&gpu, &p, to, there), MEDVOL_OK);
        CHECK(dev_get(a, to, n * 4));
        for (i = 0; i < n; i++) ones += fabs((double)a[i] - 1.0) < 1e-6;
        snprintf(about, sizeof about, "%zu: %d ones", n, ones);
        CHECK(ones == (int)n);
        mv_cuda_fft_plan_free(&gpu, &p);
        dev_free(there), dev_free(to), free(a);
    }
    about[0] = 0;
}
/* In a graph: a plan must be there before; then the same bits as without. */
static void captured(void) {
    static const shape s = {3, {12, 10, 6}};
    mv_cuda_graph graph;
    mv_cuda_volume d, e;
    mv_volume h, g;
    mv_fft_opt o;
    mv_cuda_ctx own;
    twin a;
    size_t n;
    int round;
    for (round = 0; round < 2; round++) {
        memset(&o, 0, sizeof o), memset(&d, 0, sizeof d), memset(&e, 0, sizeof e),
            memset(&graph, 0, sizeof graph);
        memset(&own, 0, sizeof own);
        o.flags = round ? (unsigned)MEDVOL_FFT_CENTERED : 0u;
        twin_make(&a, MEDVOL_C64, &s, PLAIN);
        tame(&a);
        CHECK_STATUS(mv_cuda_volume_alloc(&own, &d, MEDVOL_C64, 3, s.dim), MEDVOL_OK);
        CHECK_STATUS(mv_cuda_capture_begin(&own), MEDVOL_OK);
        CHECK_STATUS(mv_cuda_fft(&own, &d, &a.device, &o), MEDVOL_E_SCRATCH);
        CHECK(strstr(mv_cuda_message(&own), "captured") != NULL);
        (void)mv_cuda_capture_end(&own, &graph);
        mv_cuda_graph_free(&own, &graph);
        CHECK_STATUS(mv_cuda_fft(&own, &e, &a.device, &o), MEDVOL_OK);
        CHECK_STATUS(mv_cuda_capture_begin(&own), MEDVOL_OK);
        CHECK_STATUS(mv_cuda_fft(&own, &d, &a.device, &o), MEDVOL_OK);
        CHECK_STATUS(mv_cuda_capture_end(&own, &graph), MEDVOL_OK);
        tame(&a);
        CHECK_STATUS(mv_cuda_fft(&own, &e, &a.device, &o), MEDVOL_OK);
        for (n = 1; n <= 40; n++) { /* others, more than the context keeps: the captured one stays */
            mv_volume part;
            mv_cuda_volume f;
            mv_fft_opt u;
            const size_t start[3] = {0, 0, 0}, size[3] = {1 + n % 10, 1 + n / 10, 1};
            memset(&f, 0, sizeof f), memset(&u, 0, sizeof u);
            u.flags = MEDVOL_FFT_CENTERED;
            CHECK_STATUS(mv_cuda_volume_view(&own, &part, &a.device, start, size), MEDVOL_OK);
            CHECK_STATUS(mv_cuda_fft(&own, &f, &part, &u), MEDVOL_OK);
            mv_cuda_volume_free(&own, &f);
        }
        CHECK_STATUS(mv_cuda_graph_launch(&own, &graph), MEDVOL_OK);
        CHECK_STATUS(mv_cuda_sync(&own), MEDVOL_OK);
        memset(&h, 0, sizeof h), memset(&g, 0, sizeof g);
        CHECK_STATUS(mv_cuda_download(&own, &h, &d, MEDVOL_NONE, NULL), MEDVOL_OK);
        CHECK_STATUS(mv_cuda_download(&own, &g, &e, MEDVOL_NONE, NULL), MEDVOL_OK);
        CHECK(!memcmp(h.data, g.data, mv_volume_count(&h) * 8));
        mv_volume_free(&cpu, &h), mv_volume_free(&cpu, &g);
        mv_cuda_graph_free(&own, &graph);
        mv_cuda_volume_free(&own, &d), mv_cuda_volume_free(&own, &e);
        mv_cuda_ctx_free(&own);
        twin_free(&a);
    }
}
/* More plans than a context keeps */
static void kept(void) {
    mv_cuda_ctx own;
    mv_cuda_volume d;
    size_t n;
    memset(&own, 0, sizeof own);
    for (n = 0; n < 90; n++) {
        shape s = {2, {8 + n % 45, 2}};
        twin a;
        mv_volume h;
        mv_status st;
        memset(&d, 0, sizeof d), memset(&h, 0, sizeof h);
        twin_make(&a, MEDVOL_C64, &s, PLAIN);
        tame(&a);
        st = mv_cuda_fft(&own, &d, &a.device, NULL);
        if (st == MEDVOL_OK) {
            CHECK_STATUS(mv_cuda_sync(&own), MEDVOL_OK);
            CHECK_STATUS(mv_fft(&cpu, &h, &a.host, NULL), MEDVOL_OK);
            same_volume(&d, &h, 6e-7, __LINE__);
        } else CHECK_STATUS(st, MEDVOL_E_UNSUPPORTED);
        mv_cuda_volume_free(&own, &d);
        mv_volume_free(&cpu, &h);
        twin_free(&a);
    }
    mv_cuda_ctx_free(&own);
}

/* ---- convolution ---- */
static void convolve(mv_dtype type, const shape *dim, mv_dtype ktype, const shape *kdim, int mode, int method,
                     int turned, int layout, int line) {
    mv_convolve_opt o = {mode, method};
    twin a, k;
    mv_volume h;
    mv_cuda_volume d;
    mv_status want, got;
    snprintf(about, sizeof about, "%s %zux%zux%zu by %s %zux%zux%zu mode %d method %d turned %d layout %d",
             mv_dtype_name(type), dim->dim[0], dim->dim[1], dim->dim[2], mv_dtype_name(ktype), kdim->dim[0],
             kdim->dim[1], kdim->dim[2], mode, method, turned, layout);
    twin_make(&a, type, dim, layout), twin_make(&k, ktype, kdim, (layout + 1) % 3);
    twin_place(&a), twin_place(&k);
    tame(&a), tame(&k);
    memset(&h, 0, sizeof h), memset(&d, 0, sizeof d);
    want =
        turned ? mv_correlate(&cpu, &h, &a.host, &k.host, &o) : mv_convolve(&cpu, &h, &a.host, &k.host, &o);
    got = turned ? mv_cuda_correlate(&gpu, &d, &a.device, &k.device, &o)
                 : mv_cuda_convolve(&gpu, &d, &a.device, &k.device, &o);
    check_status(got, want, mv_cuda_message(&gpu), line);
    CHECK_STATUS(mv_cuda_sync(&gpu), MEDVOL_OK);
    if (want == MEDVOL_OK && got == MEDVOL_OK) {
        twin b;
        shape s;
        same_volume(&d, &h, h.dtype == MEDVOL_F32 || h.dtype == MEDVOL_C64 ? 2e-6 : 2e-14, line);
        s.ndim = h.ndim;
        memcpy(s.dim, h.dim, sizeof s.dim);
        twin_make(&b, h.dtype, &s, VIEW);
        got = turned ? mv_cuda_correlate(&gpu, &b.device, &a.device, &k.device, &o)
                     : mv_cuda_convolve(&gpu, &b.device, &a.device, &k.device, &o);
        CHECK_SETTLED(got, MEDVOL_OK);
        same_volume(&b.device, &h, h.dtype == MEDVOL_F32 || h.dtype == MEDVOL_C64 ? 2e-6 : 2e-14, line);
        twin_free(&b);
    } else check(d.data == NULL, "dst as it was", line);
    mv_volume_free(&cpu, &h);
    mv_cuda_volume_free(&gpu, &d);
    twin_free(&a), twin_free(&k);
}
static void convolutions(void) {
    static const shape shapes[] = {{1, {1}}, {1, {61}}, {2, {33, 7}}, {3, {19, 8, 5}}, {4, {7, 6, 5, 3}}};
    static const shape kernels[] = {{1, {1}},       {1, {5}},          {2, {4, 3}},  {3, {3, 1, 2}},
                                    {3, {1, 1, 5}}, {4, {2, 3, 1, 2}}, {2, {70, 9}}, {5, {1, 1, 1, 1, 2}}};
    /* sizes that have kernels of their own */
    static const shape boxes[] = {{3, {3, 3, 3}}, {3, {5, 5, 5}}, {3, {7, 7, 7}}, {3, {3, 8, 1}},
                                  {2, {5, 5}},    {2, {7, 15}},   {3, {5, 1, 5}}, {3, {7, 2, 7}}};
    static const shape large[] = {
        {3, {70, 37, 11}}, {3, {64, 33, 3}}, {4, {7, 15, 9, 3}}, {5, {68, 16, 7, 2, 2}}};
    static const mv_dtype types[] = {MEDVOL_F32,  MEDVOL_C64, MEDVOL_I16, MEDVOL_F64,
                                     MEDVOL_C128, MEDVOL_U8,  MEDVOL_I32, MEDVOL_RGB24};
    size_t i, j;
    int mode, method, turned, n = 0;
    for (i = 0; i < sizeof shapes / sizeof *shapes; i++)
        for (j = 0; j < sizeof kernels / sizeof *kernels; j++)
            for (mode = 0; mode < 3; mode++)
                for (method = 0; method < 3; method++)
                    for (turned = 0; turned < 2; turned++, n++) {
                        if (skipped((size_t)n, 5)) continue;
                        convolve(types[n % 8 == 7 && n % 3 ? 0 : n % 8], &shapes[i],
                                 types[(n / 2 + n / 8) % 7], &kernels[j], mode, method, turned, n % 3,
                                 __LINE__);
                    }
    for (i = 0; i < sizeof boxes / sizeof *boxes; i++)
        for (j = 0; j < sizeof large / sizeof *large; j++)
            for (mode = 0; mode < 3; mode++, n++)
                convolve(MEDVOL_F32, &large[j], MEDVOL_F32, &boxes[i], mode, MEDVOL_CONV_DIRECT, n & 1,
                         n % 3, __LINE__);
    for (i = 0; i < 12; i++) { /* lengths that need no zeros: what is not scaled is transformed where it lies */
        static const shape good[] = {{3, {12, 16, 6}}, {3, {64, 4, 8}}}, few[] = {{3, {2, 1, 2}}, {2, {5, 3}}};
        convolve(i % 3 ? MEDVOL_F32 : MEDVOL_F64, &good[i % 2], MEDVOL_F32, &few[i / 2 % 2], MEDVOL_CONV_VALID,
                 MEDVOL_CONV_FFT, i > 5, PLAIN, __LINE__);
    }
    convolve(MEDVOL_F32, &shapes[2], MEDVOL_F32, &kernels[2], 3, 0, 0, 0, __LINE__);
    convolve(MEDVOL_F32, &shapes[2], MEDVOL_F32, &kernels[2], 0, 3, 0, 0, __LINE__);
    convolve(MEDVOL_F32, &shapes[2], MEDVOL_RGB24, &kernels[2], 0, 0, 0, 0, __LINE__);
    about[0] = 0;
    {
        twin a;
        mv_cuda_volume d;
        memset(&d, 0, sizeof d);
        twin_make(&a, MEDVOL_F32, &shapes[2], PLAIN);
        tame(&a);
        CHECK_STATUS(mv_cuda_convolve(&gpu, NULL, &a.device, &a.device, NULL), MEDVOL_E_NULL);
        CHECK_STATUS(mv_cuda_convolve(&gpu, &d, NULL, &a.device, NULL), MEDVOL_E_NULL);
        CHECK_STATUS(mv_cuda_convolve(&gpu, &d, &a.device, NULL, NULL), MEDVOL_E_NULL);
        CHECK_STATUS(mv_cuda_convolve(&gpu, &d, &a.device, &a.host, NULL), MEDVOL_E_POINTER);
        CHECK_STATUS(mv_cuda_convolve(&gpu, &a.device, &a.device, &a.device, NULL), MEDVOL_E_ALIAS);
        twin_free(&a);
    }
}

/* ---- phase correlation ---- */
static void match(mv_dtype type, const shape *dim, const double *by, const mv_phase_opt *o, int what,
                  int line) {
    twin a, b;
    mv_shift want, got;
    mv_status st;
    size_t i = 0;
    int k;
    snprintf(about, sizeof about, "%s %zux%zux%zu window %d plain %d upsample %d what %d",
             mv_dtype_name(type), dim->dim[0], dim->dim[1], dim->dim[2], o->window, o->plain, o->upsample,
             what);
    twin_make(&a, type, dim, VIEW), twin_make(&b, type, dim, SHIFTED);
    twin_place(&a), twin_place(&b);
    b.host.slope = b.device.slope = a.host.slope; /* of one sign */
    b.host.inter = b.device.inter = a.host.inter;
    for (k = 0; k < 2; k++) { /* blobs, so that the peak is clear */
        i = 0;
        each(k ? &b.host : &a.host, [&](unsigned char *p) {
            const size_t x = i % dim->dim[0], y = i / dim->dim[0] % (dim->ndim > 1 ? dim->dim[1] : 1),
                         z = i / dim->dim[0] / (dim->ndim > 1 ? dim->dim[1] : 1);
            double v = 0, q;
            int j;
            for (j = 0; j < 5; j++) {
                const double at[3] = {0.2 + 0.13 * j, 0.7 - 0.11 * j, 0.3 + 0.07 * j * j};
                const double here[3] = {(double)x, (double)y, (double)z};
                double r = 0;
                int e;
                for (e = 0; e < dim->ndim; e++) {
                    const double n = (double)dim->dim[e];
                    double t = here[e] - at[e] * n - (k ? by[e] : 0.0);
                    t -= n * floor(t / n + 0.5);
                    r += t * t;
                }
                v += (60 + 9 * j) * exp(-r / (2 + j));
            }
            q = what == 1 ? 7.0 : what == 2 && i == 5 && k == 0 ? NAN : what == 3 && i == 5 && k ? 1e38 : v;
            (void)mv_convert_array(NULL, p, type, &q, MEDVOL_F64, 1, 1.0, 0.0);
            i++;
        });
    }
    send(&a), send(&b);
    memset(&want, 0, sizeof want), memset(&got, 0, sizeof got);
    st = mv_phase_correlate(&cpu, &want, &a.host, &b.host, o);
    check_status(mv_cuda_phase_correlate(&gpu, &got, &a.device, &b.device, o), st, mv_cuda_message(&gpu),
                 line);
    if (st == MEDVOL_OK) {
        for (k = 0; k < 3; k++) {
            check(fabs(got.voxel[k] - want.voxel[k]) < 1e-9 + (o->upsample > 1 ? 1.01 / o->upsample : 0),
                  "shift", line);
            check(fabs(got.mm[k] - want.mm[k]) < 1e-6 + (o->upsample > 1 ? 20.0 / o->upsample : 0), "mm",
                  line);
        }
        check(fabs(got.peak - want.peak) < 2e-5, "peak", line);
        check(fabs(got.second - want.second) < 2e-5, "second", line);
        keep(&got, sizeof got);
    } else {
        mv_shift none;
        memset(&none, 0, sizeof none);
        check(!memcmp(&got, &none, sizeof got), "shift as it was", line);
    }
    twin_free(&a), twin_free(&b);
}
static void phases(void) {
    static const shape shapes[] = {
        {1, {60}}, {2, {32, 27}}, {3, {24, 20, 16}}, {3, {18, 1, 14}}, {4, {16, 15, 12, 1}}};
    static const double by[] = {3, -5, 2, 0}, part[] = {2.3, -1.6, 3.75, 0};
    size_t i;
    int k;
    for (i = 0; i < sizeof shapes / sizeof *shapes; i++)
        for (k = 0; k < 8; k++) {
            mv_phase_opt o = {k & 1, k >> 1 & 1, k < 4 ? 0 : k == 7 ? 1000 : 20};
            match(k % 3 == 1   ? MEDVOL_F64
                  : k % 3 == 2 ? MEDVOL_I16
                               : MEDVOL_F32,
                  &shapes[i], k < 4 ? by : part, &o, 0, __LINE__);
        }
    {
        mv_phase_opt o = {0, 0, 0};
        twin a;
        static const shape other = {3, {8, 4, 3}}, five = {4, {4, 4, 2, 2}};
        mv_shift s;
        match(MEDVOL_F32, &shapes[2], by, &o, 1, __LINE__);
        match(MEDVOL_F32, &shapes[2], by, &o, 2, __LINE__);
        match(MEDVOL_F32, &shapes[2], by, &o, 3, __LINE__);
        match(MEDVOL_F32, &five, by, &o, 0, __LINE__);
        match(MEDVOL_C64, &shapes[2], by, &o, 1, __LINE__);
        o.upsample = 1001;
        match(MEDVOL_F32, &shapes[2], by, &o, 0, __LINE__);
        o.upsample = -1;
        match(MEDVOL_F32, &shapes[2], by, &o, 0, __LINE__);
        about[0] = 0;
        twin_make(&a, MEDVOL_F32, &other, PLAIN);
        CHECK_STATUS(mv_cuda_phase_correlate(&gpu, NULL, &a.device, &a.device, NULL), MEDVOL_E_NULL);
        CHECK_STATUS(mv_cuda_phase_correlate(&gpu, &s, NULL, &a.device, NULL), MEDVOL_E_NULL);
        CHECK_STATUS(mv_cuda_phase_correlate(&gpu, &s, &a.device, &a.host, NULL), MEDVOL_E_POINTER);
        CHECK_UNCAPTURED(mv_cuda_phase_correlate(&gpu, &s, &a.device, &a.device, NULL), MEDVOL_E_BUSY);
        twin_free(&a);
    }
}

/* Memory refused at each place: a status, nothing left behind. */
static void memory(void) {
    static const shape s = {3, {12, 10, 6}};
    const int leaks = emulated ? emu_leaks() : 0;
    twin a, k;
    int n, kind;
    if (!emulated) return;
    twin_make(&a, MEDVOL_F32, &s, VIEW), twin_make(&k, MEDVOL_F32, &s, PLAIN);
    tame(&a), tame(&k);
    for (kind = 0; kind < 4; kind++)
        for (n = 1; n < 12; n++) {
            mv_convolve_opt o = {MEDVOL_CONV_SAME, MEDVOL_CONV_FFT};
            mv_cuda_ctx own;
            mv_cuda_volume d;
            mv_shift shift;
            mv_status st;
            memset(&own, 0, sizeof own), memset(&d, 0, sizeof d);
            emu_fail_alloc(n);
            st = kind == 0   ? mv_cuda_fft(&own, &d, &a.device, NULL)
                 : kind == 1 ? mv_cuda_rfft(&own, &d, &a.device, NULL)
                 : kind == 2 ? mv_cuda_convolve(&own, &d, &a.device, &k.device, &o)
                             : mv_cuda_phase_correlate(&own, &shift, &a.device, &k.device, NULL);
            emu_fail_alloc(0);
            snprintf(about, sizeof about, "kind %d, allocation %d", kind, n);
            CHECK(st == MEDVOL_OK || st == MEDVOL_E_NOMEM);
            CHECK(st == MEDVOL_OK ? kind == 3 || d.data : !d.data);
            if (n == 1) CHECK(st == MEDVOL_E_NOMEM);
            if (n == 11) CHECK(st == MEDVOL_OK);
            mv_cuda_volume_free(&own, &d);
            mv_cuda_ctx_free(&own);
        }
    about[0] = 0;
    twin_free(&a), twin_free(&k);
    CHECK(emu_leaks() == leaks);
}

/* What lines move: each number once there and once back, in whole sectors, besides the tables, which are
   short; shared memory without conflicts that count. */
static void traffic(void) {
    static const struct { size_t dim[3]; unsigned axes; mv_dtype type; double passes;
    } cases[] = {{{512, 16, 1}, 1, MEDVOL_C64, 1.05},  {{64, 512, 1}, 2, MEDVOL_C64, 1.05},
                 {{256, 32, 1}, 1, MEDVOL_C64, 1.55},  {{64, 256, 1}, 2, MEDVOL_C64, 1.05},
                 {{16, 4, 128}, 4, MEDVOL_C64, 1.05},  {{64, 384, 1}, 2, MEDVOL_C64, 1.3},
                 {{512, 16, 1}, 1, MEDVOL_C128, 1.05}, {{32, 256, 1}, 2, MEDVOL_C128, 1.05}};
    size_t i;
    if (!emulated || !emu_check()) return;
    for (i = 0; i < sizeof cases / sizeof *cases; i++) {
        mv_fft_desc d = desc_of(3, cases[i].dim[0], cases[i].dim[1], cases[i].dim[2], 1, cases[i].axes,
                                MEDVOL_FFT_CENTERED | MEDVOL_FFT_UNITARY);
        const size_t bytes = d.dim[0] * d.dim[1] * d.dim[2] * (cases[i].type == MEDVOL_C64 ? 8 : 16);
        const size_t n = d.axes == 1 ? d.dim[0] : d.axes == 2 ? d.dim[1] : d.dim[2];
        mv_cuda_fft_plan p;
        struct emu_counts c;
        float *a = NULL, *b = NULL;
        d.dtype = cases[i].type;
        CHECK(dev_new(&a, bytes) && dev_new(&b, bytes) && dev_set(a, 0, bytes));
        CHECK_STATUS(mv_cuda_fft_plan_init(&gpu, &p, &d), MEDVOL_OK);
        CHECK_STATUS(mv_cuda_sync(&gpu), MEDVOL_OK);
        emu_profiling(1);
        CHECK_SETTLED(mv_cuda_fft_plan_execute(&gpu, &p, b, a), MEDVOL_OK);
        emu_profile(&c);
        emu_profiling(0);
        snprintf(about, sizeof about, "%zu along %u: %llu and %llu sectors, %llu shared passes of %llu", n,
                 d.axes, c.load_sectors, c.store_sectors, c.shared_passes, c.shared_requests);
        CHECK(c.store_sectors * 32 == bytes && c.store_bytes == bytes);
        CHECK(c.load_sectors * 320 <= bytes * (d.axes == 1 ? 22 : 13));
        CHECK((double)c.shared_passes <= cases[i].passes * (double)c.shared_requests);
        mv_cuda_fft_plan_free(&gpu, &p);
        dev_free(a), dev_free(b);
    }
    about[0] = 0;
}

/* how often the host waits, for the device's words and its results each time: once, and for each factor of ten */
static void phase_waits(void) {
    static const int fine[4] = {1, 10, 20, 100}, times[4] = {1, 2, 3, 3};
    const shape s = {2, {24, 20}};
    mv_phase_opt o;
    mv_shift shift;
    twin a;
    memset(&o, 0, sizeof o);
    twin_make(&a, MEDVOL_F32, &s, PLAIN);
    tame(&a);
    for (int k = 0; k < 4 && emulated; k++) {
        const unsigned long long before = emu_waits();
        o.upsample = fine[k];
        CHECK_STATUS(mv_cuda_phase_correlate(&gpu, &shift, &a.device, &a.device, &o), MEDVOL_OK);
        snprintf(about, sizeof about, "upsample %d: %d waits", fine[k], (int)(emu_waits() - before));
        CHECK(emu_waits() - before == 2 * (unsigned)times[k]);
    }
    twin_free(&a);
}
static void limits(void) {
    AFAR {
        const mv_volume a = afar(MEDVOL_F32, 65536, 32768), b = afar(MEDVOL_F32, 65536, 32768);
        mv_shift s;
        CHECK_STATUS(mv_cuda_phase_correlate(&gpu, &s, &a, &b, NULL), MEDVOL_E_UNSUPPORTED);
    }
}

SUITE(fft, {"fft/plans", plans}, {"fft/limits", limits},
      {"fft/phase_waits", phase_waits}, {"fft/lengths", lengths}, {"fft/lengthy", lengthy}, {"fft/layouts", layouts},
      {"fft/volumes", volumes}, {"fft/refused", refused}, {"fft/nan", nans}, {"fft/dropped", dropped},
      {"fft/captured", captured}, {"fft/kept", kept}, {"fft/convolve", convolutions}, {"fft/phase", phases},
      {"fft/memory", memory}, {"fft/traffic", traffic});
