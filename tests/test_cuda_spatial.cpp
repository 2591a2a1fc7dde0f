/* test_cuda_spatial.cpp - [SPATIAL] and [RESAMPLE] of medvol_cuda.h beside medvol.h: the same bits or nearly, the
   same geometry, the same statuses. */
#include "cuda_test.h"

static const shape shapes[] = {{1, {1}},         {1, {67}},         {2, {257, 3}},        {3, {33, 31, 1}},
                               {3, {7, 33, 65}}, {2, {1, 130}},     {4, {5, 6, 7, 3}},    {3, {64, 32, 2}},
                               {3, {1, 1, 37}},  {5, {3, 1, 4, 2, 5}}, {3, {2, 129, 34}},
                               {7, {2, 3, 2, 1, 3, 2, 2}},
                               {1, {5003}}};
enum { SHAPES = sizeof shapes / sizeof *shapes };
static const mv_dtype types[] = {MEDVOL_U8,   MEDVOL_I8,   MEDVOL_U16,  MEDVOL_I16,   MEDVOL_U32,
                                 MEDVOL_I32, MEDVOL_U64,  MEDVOL_I64,  MEDVOL_F16,  MEDVOL_BF16,  MEDVOL_F32,
                                 MEDVOL_F64, MEDVOL_C64,  MEDVOL_C128, MEDVOL_RGB24, MEDVOL_RGBA32,
                                 MEDVOL_F128, MEDVOL_C256};
enum { TYPES = 18, REALS = 12 };
static int is_real(mv_dtype t) {
    int i;
    for (i = 0; i < REALS && types[i] != t; i++) {}
    return i < REALS;
}

static void twin_made(twin *t, mv_dtype type, int ndim, const size_t *dim, int layout) {
    twin_make(t, type, ndim, dim, layout);
    twin_place(t);
}
static void tame(twin *t) { /* small values, some of them 0, some NaN */
    const size_t size = mv_dtype_size(t->host.dtype);
    size_t i;
    for (i = 0; i + size <= t->bytes; i += size) {
        double x = floor((uniform() - 0.4) * 100.0);
        if (draw() % 8 == 0) x = 0.0;
        if (draw() % 97 == 0) x = NAN;
        if (is_real(t->host.dtype))
            (void)mv_convert_array(NULL, t->block + i, t->host.dtype, &x, MEDVOL_F64, 1, 1.0, 0.0);
    }
    send(t);
}
static void same_geometry(const mv_volume *a, const mv_volume *b, int line) {
    check(a->dtype == b->dtype && a->ndim == b->ndim && !memcmp(a->dim, b->dim, sizeof a->dim),
          "type and shape", line);
    check(!memcmp(a->affine, b->affine, sizeof a->affine), "affine", line);
    check(!memcmp(a->step, b->step, sizeof a->step), "steps", line);
    check(a->slope == b->slope && a->inter == b->inter, "scaling", line);
}
static void same_block(const void *there, const void *block, size_t bytes, int line) {
    unsigned char *got = (unsigned char *)malloc(bytes ? bytes : 1);
    CHECK(dev_get(got, there, bytes));
    check(!memcmp(got, block, bytes), "other bytes", line);
    free(got);
}
/* One call by both: into new memory, into a view with gaps, and over itself. */
template <class C, class G> static void both(twin *a, int tamed, C on_cpu, G on_gpu, int line) {
    mv_volume h, d;
    twin b;
    mv_status want;
    if (spared()) return;
    if (tamed) tame(a);
    memset(&h, 0, sizeof h), memset(&d, 0, sizeof d);
    snprintf(about, sizeof about, "%s %zux%zux%zux%zu", mv_dtype_name(a->host.dtype), a->host.dim[0],
             a->host.dim[1], a->host.dim[2], a->host.dim[3]);
    want = on_cpu(&h, &a->host);
    settled_at(on_gpu(&d, &a->device), want, __FILE__, line);
    if (want < 0) {
        check(d.data == NULL, "dst as it was", line);
        return;
    }
    same_geometry(&d, &h, line);
    same_block(d.data, h.data, mv_volume_count(&h) * mv_dtype_size(h.dtype), line);
    twin_made(&b, h.dtype, h.ndim, h.dim, VIEW);
    want = on_cpu(&b.host, &a->host);
    settled_at(on_gpu(&b.device, &a->device), want, __FILE__, line);
    same_geometry(&b.device, &b.host, line);
    same_block(b.there, b.block, b.bytes, line);
    twin_free(&b);
    mv_volume_free(&cpu, &h);
    mv_cuda_volume_free(&gpu, &d);
    h = a->host, d = a->device; /* the wrapped block stays the test's */
    want = on_cpu(&h, &h);
    settled_at(on_gpu(&d, &d), want, __FILE__, line);
    same_geometry(&d, &h, line);
    check((d.data == a->device.data) == (h.data == a->host.data), "in place as the processor", line);
    if (h.data != a->host.data) {
        same_block(d.data, h.data, mv_volume_count(&h) * mv_dtype_size(h.dtype), line);
        mv_volume_free(&cpu, &h);
        mv_cuda_volume_free(&gpu, &d);
    }
    same_block(a->there, a->block, a->bytes, line);
}
#define BOTH(a, tamed, CPU, GPU)                                                          \
    both(a, tamed, [&](mv_volume *d, const mv_volume *v) { return CPU; },                 \
         [&](mv_volume *d, const mv_volume *v) { return GPU; }, __LINE__)

static void some_order(int *order, int n) {
    int i, j, t;
    for (i = 0; i < 7; i++) order[i] = i;
    for (i = n - 1; i > 0; i--) j = (int)(draw() % (unsigned)(i + 1)), t = order[i], order[i] = order[j],
        order[j] = t;
}
static void test_turns(void) {
    int i, j, k = 0, order[7];
    for (i = 0; i < TYPES; i++)
        for (j = 0; j < SHAPES; j++, k++) {
            const shape *s = &shapes[j];
            const unsigned bits = draw() % (1u << s->ndim);
            const int n = s->ndim, x = (int)(draw() % (unsigned)n), y = (int)(draw() % (unsigned)n),
                      q = (int)(draw() % 9) - 4;
            twin a;
            twin_made(&a, types[i], s->ndim, s->dim, k % LAYOUTS);
            BOTH(&a, 0, mv_flip(&cpu, d, v, bits), mv_cuda_flip(&gpu, d, v, bits));
            BOTH(&a, 0, mv_flip(&cpu, d, v, (1u << n) - 1), mv_cuda_flip(&gpu, d, v, (1u << n) - 1));
            some_order(order, s->ndim);
            BOTH(&a, 0, mv_permute(&cpu, d, v, order), mv_cuda_permute(&gpu, d, v, order));
            BOTH(&a, 0, mv_rot90(&cpu, d, v, q, x, y), mv_cuda_rot90(&gpu, d, v, q, x, y));
            twin_free(&a);
        }
}
static void test_permutes(void) { /* all six orders of three axes, all flips of them */
    static const int orders[6][3] = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};
    static const mv_dtype kind[] = {MEDVOL_U8, MEDVOL_I16, MEDVOL_F32, MEDVOL_F64, MEDVOL_C128, MEDVOL_RGB24};
    static const size_t dims[2][3] = {{67, 35, 5}, {64, 128, 2}};
    int i, j, k;
    unsigned bits;
    for (i = 0; i < 6; i++)
        for (j = 0; j < 6; j++)
            for (k = 0; k < 2; k++) {
                mv_volume h;
                twin a;
                twin_made(&a, kind[i], 3, dims[k], (i + j) % LAYOUTS);
                BOTH(&a, 0, mv_permute(&cpu, d, v, orders[j]), mv_cuda_permute(&gpu, d, v, orders[j]));
                memset(&h, 0, sizeof h);
                CHECK_STATUS(mv_permute(&cpu, &h, &a.host, orders[j]), MEDVOL_OK);
                for (bits = 0; bits < 8 && k == 0; bits++) {
                    const size_t z = mv_dtype_size(kind[i]), n = mv_volume_count(&h) * z;
                    unsigned char *there, *here = (unsigned char *)malloc(n);
                    ptrdiff_t stride[3] = {a.host.stride[0], a.host.stride[1], a.host.stride[2]};
                    CHECK(dev_new(&there, n));
                    CHECK_STATUS(mv_permute_array(&cpu, here, NULL, a.host.data, stride, z, 3, dims[k],
                                                  orders[j], bits), MEDVOL_OK);
                    CHECK_STATUS(mv_cuda_permute_array(&gpu, there, NULL, a.device.data, stride, z, 3,
                                                       dims[k], orders[j], bits), MEDVOL_OK);
                    CHECK_STATUS(mv_cuda_sync(&gpu), MEDVOL_OK);
                    same_block(there, here, n, __LINE__);
                    dev_free(there);
                    free(here);
                }
                mv_volume_free(&cpu, &h);
                twin_free(&a);
            }
}
static void test_reorient(void) {
    static const char *const codes[] = {"RAS", "LPS", "SAR", "ipl", "ARS", "PIR", "RAX", "RRA", "RA", "RASL"};
    int i, j;
    for (i = 0; i < 10; i++)
        for (j = 0; j < SHAPES; j++) {
            twin a;
            mv_reorient_opt o;
            o.from = i % 2;
            twin_made(&a, types[(i * 7 + j) % TYPES], shapes[j].ndim, shapes[j].dim, j % LAYOUTS);
            BOTH(&a, 0, mv_reorient(&cpu, d, v, codes[i], &o), mv_cuda_reorient(&gpu, d, v, codes[i], &o));
            if (j % 3 == 0) { /* an axis without direction */
                int r;
                for (r = 0; r < 3; r++) a.host.affine[4 * r] = a.device.affine[4 * r] = 0.0;
                BOTH(&a, 0, mv_reorient(&cpu, d, v, codes[i], NULL),
                     mv_cuda_reorient(&gpu, d, v, codes[i], NULL));
            }
            twin_free(&a);
        }
}
static void test_crop(void) {
    int i, j, k = 0, r;
    for (i = 0; i < TYPES; i++)
        for (j = 0; j < SHAPES; j++, k++) {
            const shape *s = &shapes[j];
            size_t start[7], size[7];
            mv_crop_opt clip;
            twin a;
            clip.clip = k % 2;
            for (r = 0; r < s->ndim; r++) {
                start[r] = draw() % s->dim[r];
                size[r] = 1 + draw() % (s->dim[r] - start[r]);
                if (k % 4 == 3) size[r] += 2; /* sticks out */
            }
            twin_made(&a, types[i], s->ndim, s->dim, k % LAYOUTS);
            BOTH(&a, 0, mv_crop(&cpu, d, v, start, size, &clip),
                 mv_cuda_crop(&gpu, d, v, start, size, &clip));
            start[0] = s->dim[0];
            BOTH(&a, 0, mv_crop(&cpu, d, v, start, size, &clip),
                 mv_cuda_crop(&gpu, d, v, start, size, &clip));
            twin_free(&a);
        }
}
static void test_pad(void) {
    int i, j, k = 0, r, mode;
    for (i = 0; i < TYPES; i++)
        for (j = 0; j < SHAPES; j++)
            for (mode = 0; mode <= 7; mode++, k++) {
                const shape *s = &shapes[j];
                size_t before[7], after[7];
                mv_pad_opt o;
                twin a;
                if ((k + mode + order_now) % 13) continue;
                o.mode = (mv_pad_mode)mode;
                o.value = i >= 16 ? 0.0 : (int)(draw() % 9) - 3;
                for (r = 0; r < s->ndim; r++) {
                    before[r] = draw() % (s->ndim > 4 ? 2 : 6);
                    after[r] = draw() % (s->ndim > 4 ? 2 : 9);
                }
                if (k % 5 == 0) before[0] = after[0] = 0; /* rows that join */
                if (k % 7 == 0 && s->ndim < 3) after[0] = 4100, before[0] = 37;
                twin_made(&a, types[i], s->ndim, s->dim, k % LAYOUTS);
                BOTH(&a, mode >= MEDVOL_PAD_MEAN && k % 2, mv_pad(&cpu, d, v, before, after, &o),
                     mv_cuda_pad(&gpu, d, v, before, after, &o));
                twin_free(&a);
            }
}
static void test_pad_axes(void) { /* dst has more axes than src, or fewer: only src's of before and after are read */
    static const size_t dim[2] = {5, 1}, more[4] = {12, 1, 1, 1}, before[4] = {3, 0, 7, 9}, after[4] = {4, 0, 5, 3};
    mv_pad_opt o;
    twin a, b;
    int n;
    o.value = 0;
    for (n = 1; n <= 4; n++)
        for (o.mode = (mv_pad_mode)0; o.mode <= MEDVOL_PAD_MAXIMUM; o.mode = (mv_pad_mode)(o.mode + 1)) {
            snprintf(about, sizeof about, "pad to %d axes, mode %d", n, (int)o.mode);
            twin_made(&a, MEDVOL_I32, 2, dim, PLAIN), twin_made(&b, MEDVOL_I32, n, more, VIEW);
            CHECK_STATUS(mv_pad(&cpu, &b.host, &a.host, before, after, &o), MEDVOL_OK);
            CHECK_SETTLED(mv_cuda_pad(&gpu, &b.device, &a.device, before, after, &o), MEDVOL_OK);
            same_block(b.there, b.block, b.bytes, __LINE__);
            twin_free(&a), twin_free(&b);
        }
}
static void test_crop_or_pad(void) {
    int i, j, k = 0, r;
    for (i = 0; i < TYPES; i++)
        for (j = 0; j < SHAPES; j++, k++) {
            const shape *s = &shapes[j];
            size_t shape[7];
            mv_crop_or_pad_opt o;
            twin a;
            o.rule = (mv_centre_rule)(k % 4);
            o.mode = (mv_pad_mode)(k % 5);
            o.value = 0.0;
            for (r = 0; r < s->ndim; r++) shape[r] = 1 + (s->dim[r] + draw() % 5 + draw() % 5 - 4 - 1)
                % (s->dim[r] + 4);
            twin_made(&a, types[i], s->ndim, s->dim, k % LAYOUTS);
            BOTH(&a, 0, mv_crop_or_pad(&cpu, d, v, shape, &o), mv_cuda_crop_or_pad(&gpu, d, v, shape, &o));
            twin_free(&a);
        }
}
static void test_foreground(void) {
    int i, j, k = 0;
    for (i = 0; i < TYPES; i++)
        for (j = 0; j < SHAPES; j++, k++) {
            const shape *s = &shapes[j];
            const size_t z = mv_dtype_size(types[i]);
            if (s->dim[0] * s->dim[1] > 200 && (k + order_now) % 4) continue;
            size_t start[2][7], size[2][7], n, at, c;
            mv_foreground_opt o, p;
            mv_status want;
            twin a, m;
            memset(&o, 0, sizeof o);
            o.above = k % 3 == 0 && i < REALS;
            o.threshold = 12.3;
            o.margin = (size_t)(k % 3);
            p = o;
            twin_made(&a, types[i], s->ndim, s->dim, k % LAYOUTS);
            twin_made(&m, MEDVOL_U8, s->ndim, s->dim, PLAIN);
            if (k % 2) a.host.slope = a.device.slope = 1, a.host.inter = a.device.inter = 0;
            memset(m.block, 0, m.bytes); /* a few voxels, or none */
            for (n = draw() % 3; n > 0; n--) m.block[draw() % m.bytes] = 1;
            send(&m);
            if (k % 4 == 0) o.by = &m.host, p.by = &m.device;
            else {
                memset(a.block, 0, a.bytes);
                for (n = draw() % 4; n > 0; n--)
                    for (at = draw() % (a.bytes / z), c = 0; c < z; c++)
                        a.block[at * z + c] = (unsigned char)draw();
                send(&a);
            }
            snprintf(about, sizeof about, "%s %zux%zux%zu", mv_dtype_name(types[i]), a.host.dim[0],
                     a.host.dim[1], a.host.dim[2]);
            want = mv_foreground_box(&cpu, start[0], size[0], &a.host, &o);
            CHECK_STATUS(mv_cuda_foreground_box(&gpu, start[1], size[1], &a.device, &p), want);
            if (want == MEDVOL_OK) {
                CHECK(!memcmp(start[0], start[1], sizeof(size_t) * (size_t)s->ndim));
                CHECK(!memcmp(size[0], size[1], sizeof(size_t) * (size_t)s->ndim));
            }
            BOTH(&a, 0, mv_crop_foreground(&cpu, d, v, &o), mv_cuda_crop_foreground(&gpu, d, v, &p));
            twin_free(&a), twin_free(&m);
        }
}
static void test_arrays(void) { /* elements of 1 to 64 bytes, strides of either sign */
    static const size_t dim[4] = {9, 34, 5, 2}, before[4] = {3, 0, 4, 1}, after[4] = {0, 7, 1, 1};
    size_t z, i;
    for (z = 1; z <= 64; z++) {
        const size_t n = 9 * 34 * 5 * 2;
        const int m = (int)(z % 5);
        size_t big = z, d;
        unsigned char *a = (unsigned char *)malloc(n * z), *da = NULL, *db = NULL, *b, fill[64];
        int order[7];
        ptrdiff_t ss[4] = {1, 9, 9 * 34, 9 * 34 * 5}, ds[4];
        const unsigned flips = draw() % 16;
        const unsigned char *from = a;
        snprintf(about, sizeof about, "%zu bytes", z);
        for (d = 0; d < 4; d++) big *= dim[d] + before[d] + after[d];
        b = (unsigned char *)calloc(big, 1);
        for (i = 0; i < n * z; i++) a[i] = (unsigned char)draw();
        for (i = 0; i < 64; i++) fill[i] = (unsigned char)draw();
        CHECK(dev_new(&da, n * z) && dev_new(&db, big));
        CHECK(dev_put(da, a, n * z));
        CHECK(dev_set(db, 0, big));
        some_order(order, 4);
        if (z % 3 == 0) from = a + (9 * 34 - 9) * z, ss[1] = -9; /* the second axis backwards */
        for (i = 1, d = 0; d < 4; d++) ds[d] = (ptrdiff_t)i, i *= dim[order[d]] ;
        ds[3] = ds[3] + (ptrdiff_t)(z % 2);
        CHECK_STATUS(mv_permute_array(&cpu, b, ds, from, ss, z, 4, dim, order, flips), MEDVOL_OK);
        CHECK_STATUS(mv_cuda_permute_array(&gpu, db, ds, da + (from - a), ss, z, 4, dim, order, flips),
                     MEDVOL_OK);
        CHECK_STATUS(mv_cuda_sync(&gpu), MEDVOL_OK);
        same_block(db, b, n * z, __LINE__);
        CHECK_STATUS(mv_pad_array(&cpu, b, a, z, 4, dim, before, after, (mv_pad_mode)m, fill), MEDVOL_OK);
        CHECK_STATUS(mv_cuda_pad_array(&gpu, db, da, z, 4, dim, before, after, (mv_pad_mode)m, fill),
                     MEDVOL_OK);
        CHECK_STATUS(mv_cuda_sync(&gpu), MEDVOL_OK);
        same_block(db, b, big, __LINE__);
        dev_free(da), dev_free(db);
        free(a), free(b);
    }
}
/* ---- geometry: values are a linear function of the world; wherever voxels go, they still are ---- */
static double world(const mv_volume *v, size_t i, size_t j, size_t k) {
    const double *m = v->affine, p[3] = {(double)i, (double)j, (double)k};
    double f = 3.0;
    int r;
    for (r = 0; r < 3; r++) f += (1.5 - r)
        * (m[4 * r] * p[0] + m[4 * r + 1] * p[1] + m[4 * r + 2] * p[2] + m[4 * r + 3]);
    return f;
}
static void linear_still(const mv_volume *d, int line) {
    mv_volume back;
    size_t i, j, k;
    double worst = 0;
    memset(&back, 0, sizeof back);
    CHECK_STATUS(mv_cuda_download(&gpu, &back, d, MEDVOL_NONE, NULL), MEDVOL_OK);
    for (k = 0; k < back.dim[2]; k++)
        for (j = 0; j < back.dim[1]; j++)
            for (i = 0; i < back.dim[0]; i++) {
                const double x = ((const double *)back.data)[i + back.dim[0] * (j + back.dim[1] * k)];
                worst = fmax(worst, fabs(x - world(&back, i, j, k)));
            }
    check(worst < 1e-10, "values left their places in the world", line);
    mv_volume_free(&cpu, &back);
}
static void test_world(void) {
    static const size_t dim[3] = {35, 34, 9}, start[3] = {2, 1, 3}, size[3] = {31, 30, 5},
        to[3] = {29, 27, 4};
    static const int order[3] = {2, 0, 1};
    mv_volume h, d;
    size_t i, j, k;
    int r;
    memset(&h, 0, sizeof h), memset(&d, 0, sizeof d);
    CHECK_STATUS(mv_volume_alloc(&cpu, &h, MEDVOL_F64, 3, dim), MEDVOL_OK);
    for (r = 0; r < 12; r++) h.affine[r] = uniform() - 0.5 + (r % 5 ? 0 : 2);
    for (k = 0; k < dim[2]; k++)
        for (j = 0; j < dim[1]; j++)
            for (i = 0; i < dim[0]; i++) ((double *)h.data)[i + dim[0] * (j + dim[1] * k)] = world(&h, i, j,
                                                                                                   k);
    CHECK_STATUS(mv_cuda_upload(&gpu, &d, &h, MEDVOL_NONE, NULL), MEDVOL_OK);
    linear_still(&d, __LINE__);
    CHECK_STATUS(mv_cuda_flip(&gpu, &d, &d, 5), MEDVOL_OK);
    linear_still(&d, __LINE__);
    CHECK_STATUS(mv_cuda_crop(&gpu, &d, &d, start, size, NULL), MEDVOL_OK);
    linear_still(&d, __LINE__);
    CHECK_STATUS(mv_cuda_permute(&gpu, &d, &d, order), MEDVOL_OK);
    linear_still(&d, __LINE__);
    CHECK_STATUS(mv_cuda_rot90(&gpu, &d, &d, 1, 0, 2), MEDVOL_OK);
    linear_still(&d, __LINE__);
    CHECK_STATUS(mv_cuda_rot90(&gpu, &d, &d, -1, 2, 1), MEDVOL_OK);
    linear_still(&d, __LINE__);
    CHECK_STATUS(mv_cuda_reorient(&gpu, &d, &d, "LPI", NULL), MEDVOL_OK);
    linear_still(&d, __LINE__);
    CHECK_STATUS(mv_cuda_reorient(&gpu, &d, &d, "SAR", NULL), MEDVOL_OK);
    linear_still(&d, __LINE__);
    CHECK_STATUS(mv_cuda_reorient(&gpu, &d, &d, "RAS", NULL), MEDVOL_OK);
    CHECK_STATUS(mv_cuda_crop_or_pad(&gpu, &d, &d, to, NULL), MEDVOL_OK);
    linear_still(&d, __LINE__);
    mv_volume_free(&cpu, &h);
    mv_cuda_volume_free(&gpu, &d);
}
static void test_refused(void) {
    static const size_t dim[3] = {6, 5, 4}, to[3] = {6, 5, 3}, huge[3] = {(size_t)-1, 0, 0}, none[3] = {0, 0, 0};
    static const int twice[3] = {0, 0, 1};
    static const ptrdiff_t fold[3] = {1, 2, 30}, far[3] = {1, 6, PTRDIFF_MAX / 8};
    mv_pad_opt pad;
    mv_foreground_opt fg;
    mv_crop_or_pad_opt cp;
    mv_reorient_opt from;
    twin a, b, c;
    mv_volume d, over;
    memset(&pad, 0, sizeof pad), memset(&fg, 0, sizeof fg), memset(&cp, 0, sizeof cp),
        memset(&from, 0, sizeof from);
    memset(&d, 0, sizeof d);
    snprintf(about, sizeof about, "refused");
    twin_made(&a, MEDVOL_F32, 3, dim, PLAIN);
    twin_made(&c, MEDVOL_C64, 3, dim, PLAIN);
    CHECK_STATUS(mv_cuda_flip(NULL, &d, &a.device, 1), MEDVOL_E_NULL);
    CHECK_STATUS(mv_cuda_flip(&gpu, NULL, &a.device, 1), MEDVOL_E_NULL);
    CHECK_STATUS(mv_cuda_flip(&gpu, &d, NULL, 1), MEDVOL_E_NULL);
    CHECK_STATUS(mv_cuda_flip(&gpu, &d, &d, 1), MEDVOL_E_NULL);
    CHECK_STATUS(mv_cuda_flip(&gpu, &d, &a.device, 8), MEDVOL_E_RANGE);
    CHECK_STATUS(mv_cuda_flip(&gpu, &d, &a.host, 1), MEDVOL_E_POINTER);
    CHECK_STATUS(mv_cuda_permute(&gpu, &d, &a.device, NULL), MEDVOL_E_NULL);
    CHECK_STATUS(mv_cuda_permute(&gpu, &d, &a.device, twice), MEDVOL_E_RANGE);
    CHECK_STATUS(mv_cuda_rot90(&gpu, &d, &a.device, 1, 1, 1), MEDVOL_E_RANGE);
    CHECK_STATUS(mv_cuda_rot90(&gpu, &d, &a.device, 1, 0, 3), MEDVOL_E_RANGE);
    CHECK_STATUS(mv_cuda_reorient(&gpu, &d, &a.device, NULL, NULL), MEDVOL_E_NULL);
    CHECK_STATUS(mv_cuda_crop(&gpu, &d, &a.device, NULL, dim, NULL), MEDVOL_E_NULL);
    CHECK_STATUS(mv_cuda_crop(&gpu, &d, &a.device, none, none, NULL), MEDVOL_E_RANGE);
    CHECK_STATUS(mv_cuda_crop(&gpu, NULL, &a.device, none, dim, NULL), MEDVOL_E_NULL);
    CHECK_STATUS(mv_cuda_pad(&gpu, &d, &a.device, none, NULL, NULL), MEDVOL_E_NULL);
    CHECK_STATUS(mv_cuda_pad(&gpu, &d, &a.device, huge, none, NULL), MEDVOL_E_SIZE);
    pad.value = NAN;
    CHECK_STATUS(mv_cuda_pad(&gpu, &d, &a.device, none, none, &pad), MEDVOL_E_RANGE);
    pad.value = 0, pad.mode = (mv_pad_mode)8;
    CHECK_STATUS(mv_cuda_pad(&gpu, &d, &a.device, none, none, &pad), MEDVOL_E_RANGE);
    pad.mode = MEDVOL_PAD_MEAN;
    CHECK_STATUS(mv_cuda_pad(&gpu, &d, &c.device, none, none, &pad), MEDVOL_E_DTYPE);
    CHECK_STATUS(mv_cuda_crop_or_pad(&gpu, &d, &a.device, NULL, NULL), MEDVOL_E_NULL);
    CHECK_STATUS(mv_cuda_crop_or_pad(&gpu, &d, &a.device, none, NULL), MEDVOL_E_SIZE);
    cp.rule = (mv_centre_rule)4;
    CHECK_STATUS(mv_cuda_crop_or_pad(&gpu, &d, &a.device, dim, &cp), MEDVOL_E_RANGE);
    fg.above = 1;
    CHECK_STATUS(mv_cuda_crop_foreground(&gpu, &d, &c.device, &fg), MEDVOL_E_DTYPE);
    fg.threshold = NAN;
    CHECK_STATUS(mv_cuda_crop_foreground(&gpu, &d, &a.device, &fg), MEDVOL_E_RANGE);
    twin_made(&b, MEDVOL_F32, 3, to, PLAIN);
    fg.threshold = 0, fg.by = &b.device;
    CHECK_STATUS(mv_cuda_crop_foreground(&gpu, &d, &a.device, &fg), MEDVOL_E_SHAPE);
    twin_free(&b);
    CHECK_STATUS(mv_cuda_foreground_box(&gpu, NULL, NULL, &a.device, NULL), MEDVOL_E_NULL);
    CHECK_STATUS(mv_cuda_permute_array(&gpu, a.there, NULL, a.there, NULL, 4, 3, dim, NULL, 0),
                 MEDVOL_E_ALIAS);
    CHECK_STATUS(mv_cuda_permute_array(&gpu, a.block, NULL, a.there, NULL, 4, 3, dim, NULL, 0),
                 MEDVOL_E_POINTER);
    CHECK_STATUS(mv_cuda_permute_array(&gpu, a.there, NULL, c.there, NULL, 65, 3, dim, NULL, 0),
                 MEDVOL_E_RANGE);
    CHECK_STATUS(mv_cuda_permute_array(&gpu, a.there, NULL, c.there, NULL, 4, 8, dim, NULL, 0), MEDVOL_E_RANGE);
    CHECK_STATUS(mv_cuda_permute_array(&gpu, a.there, NULL, c.there, NULL, 4, 3, none, NULL, 0), MEDVOL_E_SIZE);
    CHECK_STATUS(mv_cuda_permute_array(&gpu, a.there, NULL, c.there, NULL, 4, 3, dim, NULL, 8), MEDVOL_E_RANGE);
    CHECK_STATUS(mv_cuda_permute_array(&gpu, a.there, fold, c.there, NULL, 4, 3, dim, NULL, 0), MEDVOL_E_SHAPE);
    CHECK_STATUS(mv_cuda_permute_array(&gpu, a.there, NULL, c.there, far, 4, 3, dim, NULL, 0), MEDVOL_E_SIZE);
    CHECK_STATUS(mv_cuda_pad_array(&gpu, c.there, a.there, 4, 3, dim, none, none, (mv_pad_mode)9, NULL),
                 MEDVOL_E_RANGE);
    CHECK_STATUS(mv_cuda_pad_array(&gpu, c.there, a.there, 4, 3, dim, huge, none, MEDVOL_PAD_EDGE, NULL),
                 MEDVOL_E_SIZE);
    CHECK_STATUS(mv_cuda_pad_array(&gpu, c.there, a.there, 4, 3, dim, none, none, MEDVOL_PAD_MEAN, NULL),
                 MEDVOL_E_UNSUPPORTED);
    CHECK_STATUS(mv_cuda_pad_array(&gpu, a.there, a.there, 4, 3, dim, none, none, MEDVOL_PAD_EDGE, NULL),
                 MEDVOL_E_ALIAS);
    CHECK(d.data == NULL);
    over = a.device; /* the same memory under another name: flips only */
    CHECK_STATUS(mv_cuda_flip(&gpu, &over, &a.device, 2), MEDVOL_OK);
    over = c.device;
    CHECK_STATUS(mv_cuda_flip(&gpu, &over, &a.device, 2), MEDVOL_E_DTYPE);
    over = a.device;
    CHECK_STATUS(mv_cuda_rot90(&gpu, &over, &a.device, 1, 0, 1), MEDVOL_E_SHAPE);
    over.dim[0] = 5, over.dim[1] = 6, over.stride[1] = 5;
    CHECK_STATUS(mv_cuda_rot90(&gpu, &over, &a.device, 1, 0, 1), MEDVOL_E_ALIAS);
    CHECK_STATUS(mv_cuda_sync(&gpu), MEDVOL_OK);
    twin_free(&a), twin_free(&c);
}
static void test_capture(void) { /* into memory that is there; a box needs a wait */
    static const size_t dim[3] = {37, 33, 6};
    static const int order[3] = {2, 1, 0};
    mv_cuda_graph graph;
    size_t start[3], size[3];
    twin a, b;
    snprintf(about, sizeof about, "capture");
    memset(&graph, 0, sizeof graph);
    twin_made(&a, MEDVOL_I16, 3, dim, PLAIN);
    const size_t turned[3] = {6, 33, 37};
    twin_made(&b, MEDVOL_I16, 3, turned, VIEW);
    CHECK_STATUS(mv_cuda_capture_begin(&gpu), MEDVOL_OK);
    CHECK_STATUS(mv_cuda_permute(&gpu, &b.device, &a.device, order), MEDVOL_OK);
    CHECK_STATUS(mv_cuda_capture_end(&gpu, &graph), MEDVOL_OK);
    CHECK_UNCAPTURED(mv_cuda_foreground_box(&gpu, start, size, &a.device, NULL), MEDVOL_E_BUSY);
    CHECK_STATUS(mv_permute(&cpu, &b.host, &a.host, order), MEDVOL_OK);
    CHECK_STATUS(mv_cuda_graph_launch(&gpu, &graph), MEDVOL_OK);
    CHECK_STATUS(mv_cuda_sync(&gpu), MEDVOL_OK);
    same_block(b.there, b.block, b.bytes, __LINE__);
    mv_cuda_graph_free(&gpu, &graph);
    twin_free(&a), twin_free(&b);
}
/* Sectors a request and passes through shared memory, where the hooks count them */
static void test_traffic(void) {
    static const size_t dim[3] = {128, 128, 3}, zero[3] = {0, 0, 0}, more[3] = {0, 0, 1};
    static const int turn[3] = {1, 0, 2}, turn_z[3] = {2, 1, 0};
    static const mv_dtype kind[] = {MEDVOL_U8, MEDVOL_I16, MEDVOL_F32, MEDVOL_F64};
    int i, k;
    if (!emu_check()) return;
    emu_profiling(1);
    for (i = 0; i < 4; i++)
        for (k = 0; k < 4; k++) {
            const double sectors = 128.0 * 128 * 3 * (double)mv_dtype_size(kind[i]) / 32;
            emu_counts c;
            mv_volume d;
            twin a;
            memset(&d, 0, sizeof d);
            if (k == 3 && i != 2) continue;
            twin_made(&a, kind[i], 3, dim, PLAIN);
            if (k == 0) CHECK_STATUS(mv_cuda_permute(&gpu, &d, &a.device, turn), MEDVOL_OK);
            if (k == 1) CHECK_STATUS(mv_cuda_flip(&gpu, &d, &a.device, 1), MEDVOL_OK);
            if (k == 2) CHECK_STATUS(mv_cuda_pad(&gpu, &d, &a.device, zero, more, NULL), MEDVOL_OK);
            if (k == 3) CHECK_STATUS(mv_cuda_permute(&gpu, &d, &a.device, turn_z), MEDVOL_OK);
            CHECK_STATUS(mv_cuda_sync(&gpu), MEDVOL_OK);
            emu_profile(&c);
            snprintf(about, sizeof about, "%s, call %d: sectors %.3f in, %.3f out of the least; %.3f passes",
                     mv_dtype_name(kind[i]), k, (double)c.load_sectors / sectors,
                         (double)c.store_sectors / sectors,
                         c.shared_requests ? (double)c.shared_passes / (double)c.shared_requests : 0.0);
            if (getenv("TRAFFIC")) printf("%s\n", about);
            if (k < 3) {
                CHECK((double)c.load_sectors <= 1.1 * sectors);
                CHECK((double)c.store_sectors <= 1.1 * sectors * (k == 2 ? 4.0 / 3 : 1));
            }
            if (k == 0) CHECK((double)c.shared_passes <= 1.05 * (double)c.shared_requests * (i == 3 ? 2 : 1));
            mv_cuda_volume_free(&gpu, &d);
            twin_free(&a);
        }
    for (k = 0; k < 3; k++) { /* trilinear: a warp is 8 x 4 voxels */
        static const size_t cube[3] = {64, 64, 64};
        const double c = cos(0.2618 * k), q = sin(0.2618 * k), most[3] = {6.0, 8.5, 9.0};
        const double m[12] = {c, -q, 0, 0.3, q, c, 0, 0.3, 0, 0.001, 1, 0.3};
        emu_counts n;
        mv_volume d;
        twin a;
        memset(&d, 0, sizeof d);
        twin_made(&a, MEDVOL_F32, 3, cube, PLAIN);
        a.device.slope = 1.0, a.device.inter = 0.0;
        tame(&a);
        CHECK_STATUS(mv_cuda_resample_affine(&gpu, &d, &a.device, m, cube, NULL), MEDVOL_OK);
        CHECK_STATUS(mv_cuda_sync(&gpu), MEDVOL_OK);
        emu_profile(&n);
        snprintf(about, sizeof about, "trilinear at %d degrees: %.2f sectors a gather", 15 * k,
                 (double)n.load_sectors / (double)n.load_requests);
        if (getenv("TRAFFIC")) printf("%s\n", about);
        CHECK((double)n.load_sectors <= most[k] * (double)n.load_requests);
        mv_cuda_volume_free(&gpu, &d);
        twin_free(&a);
    }
    emu_profiling(0);
}

/* ---- resampling ---- */
/* d within rel of the largest of src, integers one apart, NaN where the processor has it; rel 0: bits; -1: values
   (a GPU makes its own NaN of one that it converts) */
static void near_to(const mv_volume *h, const mv_volume *d, double level, double rel, int line) {
    const size_t size = mv_dtype_size(h->dtype), n = mv_volume_count(h);
    unsigned char *got = (unsigned char *)malloc(n * size);
    char said[160];
    double worst = 0, step = h->dtype == MEDVOL_F32 || h->dtype == MEDVOL_F64 ? 0 : 1.0;
    size_t i, bad = 0;
    CHECK(dev_get(got, d->data, n * size));
    if (rel == 0.0) check(!memcmp(got, h->data, n * size), "other bytes", line);
    for (i = 0; i < n && rel != 0.0; i++) {
        double x, y, e;
        (void)mv_convert_array(NULL, &x, MEDVOL_F64, got + i * size, h->dtype, 1, 1.0, 0.0);
        (void)mv_convert_array(NULL, &y, MEDVOL_F64, (unsigned char *)h->data + i * size, h->dtype, 1, 1.0,
                               0.0);
        if (x == y || (x != x && y != y)) continue;
        e = fabs(x - y);
        if (h->dtype == MEDVOL_F16 || h->dtype == MEDVOL_BF16) step = fabs(y)
            / (h->dtype == MEDVOL_F16 ? 1024 : 128);
        if (rel < 0.0 || !(e <= rel * level + step)) bad++;
        if (!(e <= worst)) worst = e;
    }
    snprintf(said, sizeof said, "%zu of %zu too far, up to %.3g of level %.3g", bad, n, worst, level);
    check(!bad, said, line);
    free(got);
}
template <class C, class G> static void sampled(twin *a, double rel, C on_cpu, G on_gpu, int line) {
    mv_volume h, d;
    mv_status want;
    double level = 1.0, x;
    const size_t size = mv_dtype_size(a->host.dtype);
    size_t i;
    memset(&h, 0, sizeof h), memset(&d, 0, sizeof d);
    for (i = 0; is_real(a->host.dtype) && i + size <= a->bytes; i += size) {
        (void)mv_convert_array(NULL, &x, MEDVOL_F64, a->block + i, a->host.dtype, 1, a->host.slope,
                               a->host.inter);
        if (x == x) level = fmax(level, fabs(x));
    }
    want = on_cpu(&h, &a->host);
    settled_at(on_gpu(&d, &a->device), want, __FILE__, line);
    if (want == MEDVOL_OK && d.data) {
        same_geometry(&d, &h, line);
        near_to(&h, &d, level, rel, line);
    } else check(d.data == NULL, "dst as it was", line);
    mv_volume_free(&cpu, &h);
    mv_cuda_volume_free(&gpu, &d);
}
#define SAMPLED(a, rel, CPU, GPU)                                                            \
    sampled(a, rel, [&](mv_volume *d, const mv_volume *v) { return CPU; },                   \
            [&](mv_volume *d, const mv_volume *v) { return GPU; }, __LINE__)
static const shape pictures[] = {{3, {36, 18, 11}}, {3, {8, 33, 5}}, {2, {41, 19}}, {4, {9, 7, 6, 2}},
                                 {1, {50}}, {3, {12, 1, 9}}};
enum { PICTURES = sizeof pictures / sizeof *pictures };
static mv_resample_opt some_option(int i, int interp) {
    mv_resample_opt o;
    memset(&o, 0, sizeof o);
    o.interp = (mv_interp)interp;
    o.border = (mv_border)(i % 5);
    o.grid = (mv_grid)(i % 5);
    o.shape = (mv_shape_rule)(i / 2 % 5);
    o.value = -7.0;
    o.antialias = i % 3 == 1;
    o.lobes = interp == MEDVOL_LANCZOS ? i % 4 * 2 : 0;
    if (o.lobes == 6) o.lobes = 8;
    o.a = i % 2 ? -0.75 : 0.0;
    return o;
}
static void test_straight(void) {
    int i, j, k, n = 0;
    for (k = 0; k < 5; k++)
        for (j = 0; j < PICTURES; j++)
            for (i = 0; i < 5; i++, n++) {
                static const mv_dtype kind[] = {MEDVOL_F32, MEDVOL_I16, MEDVOL_U8, MEDVOL_F64, MEDVOL_F16,
                                                MEDVOL_I64};
                const shape *s = &pictures[j];
                mv_resample_opt o = some_option(n, k);
                const double rel = k == MEDVOL_NEAREST ? 0.0 : k == MEDVOL_CUBIC ? 1e-5 : 2e-6;
                double spacing[3], old[3];
                size_t to[3];
                int r;
                twin a;
                twin_made(&a, kind[(n + k) % 6], s->ndim, s->dim, n % LAYOUTS);
                tame(&a);
                if (i != 4) { /* without NaN: what it touches is asked for apart */
                    const size_t z = mv_dtype_size(a.host.dtype);
                    size_t c;
                    for (c = 0; c + z <= a.bytes; c += z) {
                        double x = (double)(draw() % 100);
                        (void)mv_convert_array(NULL, a.block + c, a.host.dtype, &x, MEDVOL_F64, 1, 1.0, 0.0);
                    }
                    send(&a);
                }
                mv_spacing(&a.host, old);
                for (r = 0; r < 3; r++) {
                    spacing[r] = (r < s->ndim ? old[r] : 1.0) * (n % 4 == 0 ? 1.0 + r : 0.4 +
                                                                 2.0 * uniform());
                    to[r] = r < s->ndim ? 1 + (s->dim[r] * (1 + draw() % 7)) / 4 : 1;
                }
                snprintf(about, sizeof about, "%s interp %d border %d grid %d anti %d %zux%zux%zu",
                         mv_dtype_name(a.host.dtype), k, (int)o.border, (int)o.grid, o.antialias,
                         a.host.dim[0], a.host.dim[1], a.host.dim[2]);
                SAMPLED(&a, rel, mv_resample_spacing(&cpu, d, v, spacing, &o),
                        mv_cuda_resample_spacing(&gpu, d, v, spacing, &o));
                o.dtype = n % 3 == 0 ? MEDVOL_I16 : n % 3 == 1 ? MEDVOL_F64 : MEDVOL_NONE;
                SAMPLED(&a, rel, mv_resample_shape(&cpu, d, v, to, &o),
                        mv_cuda_resample_shape(&gpu, d, v, to, &o));
                to[0] = s->dim[0], to[1] = s->ndim > 1 ? s->dim[1] : 1, to[2] = s->ndim > 2 ? s->dim[2] : 1;
                SAMPLED(&a, rel != 0.0 && o.dtype == MEDVOL_F64 ? -1.0 : rel,
                        mv_resample_shape(&cpu, d, v, to, &o), mv_cuda_resample_shape(&gpu, d, v, to, &o));
                twin_free(&a);
            }
}
static void test_matrix(void) {
    int j, k, n = 0, turn;
    for (k = 0; k < 5; k++)
        for (j = 0; j < PICTURES; j++)
            for (turn = 0; turn < 4; turn++, n++) {
                static const mv_dtype kind[] = {MEDVOL_F32, MEDVOL_I16, MEDVOL_F32, MEDVOL_U8, MEDVOL_F64};
                const shape *s = &pictures[j];
                mv_resample_opt o = some_option(n, k);
                const double rel = k == MEDVOL_NEAREST ? 0.0 : 1e-5, c = cos(0.5 * turn), q = sin(0.5 * turn);
                double m[12] = {c, -q, 0.1, 3.0, q, c, 0.05, -2.5, -0.1, 0.0, 1.1, 0.5};
                const size_t to[3] = {s->dim[0] + 5, (s->ndim > 1 ? s->dim[1] : 1) + 2,
                                      s->ndim > 2 ? s->dim[2] + 1 : 1};
                size_t i;
                mv_volume grid;
                twin a;
                if (n % 7 == 6) /* steps of four voxels */
                    for (i = 0; i < 11; i++) m[i] *= i % 4 == 3 ? 1.0 : 4.0;
                if (turn == 3) { /* a quarter: ends of the extent are hit */
                    memset(m, 0, sizeof m);
                    m[1] = -1.0, m[3] = (double)s->dim[1] - 0.5, m[4] = 1.0, m[7] = 0.5, m[10] = 1.0,
                        m[11] = 0.5;
                }
                twin_made(&a, kind[n % 5], s->ndim, s->dim, n % LAYOUTS);
                for (i = 0; i + mv_dtype_size(a.host.dtype) <= a.bytes; i += mv_dtype_size(a.host.dtype)) {
                    double x = (double)(draw() % 100);
                    (void)mv_convert_array(NULL, a.block + i, a.host.dtype, &x, MEDVOL_F64, 1, 1.0, 0.0);
                }
                send(&a);
                snprintf(about, sizeof about, "%s interp %d border %d anti %d turn %d %zux%zux%zu",
                         mv_dtype_name(a.host.dtype), k, (int)o.border, o.antialias, turn, a.host.dim[0],
                         a.host.dim[1], a.host.dim[2]);
                SAMPLED(&a, rel, mv_resample_affine(&cpu, d, v, m, to, &o),
                        mv_cuda_resample_affine(&gpu, d, v, m, to, &o));
                memset(&grid, 0, sizeof grid);
                CHECK_STATUS(mv_volume_alloc(&cpu, &grid, MEDVOL_U8, 3, to), MEDVOL_OK);
                mv_affine_mul(grid.affine, a.host.affine, m);
                o.dtype = n % 2 ? MEDVOL_I16 : MEDVOL_NONE;
                SAMPLED(&a, rel, mv_resample_like(&cpu, d, v, &grid, &o),
                        mv_cuda_resample_like(&gpu, d, v, &grid, &o));
                mv_volume_free(&cpu, &grid);
                twin_free(&a);
            }
}
/* A straight grid that goes on far beyond the volume: rows come back there, the other way round or from 0 */
static void test_folded(void) {
    static const mv_dtype kind[] = {MEDVOL_F32, MEDVOL_I16, MEDVOL_U8};
    static const size_t dim[3] = {12, 11, 9}, to[3] = {43, 47, 31};
    int interp, border, n = 0;
    for (interp = MEDVOL_LINEAR; interp <= MEDVOL_CUBIC_CONV; interp++)
        for (border = 0; border < 5; border++, n++) {
            const double fine[12] = {0.7, 0, 0, -9.3, 0, 0.6, 0, -7.4, 0, 0, 0.8, -6.1},
                         one[12] = {1, 0, 0, -9.3, 0, 1, 0, -7.4, 0, 0, -0.8, 16.1};
            mv_resample_opt o = some_option(1, interp);
            twin a;
            size_t i;
            o.border = (mv_border)border;
            o.antialias = 0;
            twin_made(&a, kind[n % 3], 3, dim, n % LAYOUTS);
            for (i = 0; i + mv_dtype_size(a.host.dtype) <= a.bytes; i += mv_dtype_size(a.host.dtype)) {
                double x = (double)(draw() % 100);
                (void)mv_convert_array(NULL, a.block + i, a.host.dtype, &x, MEDVOL_F64, 1, 1.0, 0.0);
            }
            send(&a);
            snprintf(about, sizeof about, "%s interp %d border %d", mv_dtype_name(kind[n % 3]), interp,
                     border);
            SAMPLED(&a, 1e-5, mv_resample_affine(&cpu, d, v, fine, to, &o),
                    mv_cuda_resample_affine(&gpu, d, v, fine, to, &o));
            SAMPLED(&a, 1e-5, mv_resample_affine(&cpu, d, v, one, to, &o),
                    mv_cuda_resample_affine(&gpu, d, v, one, to, &o));
            twin_free(&a);
        }
}
/* Tiles whose voxels all lie within src; lines longer than what begins and ends them */
static void test_inside(void) {
    static const size_t dims[2][3] = {{84, 83, 44}, {57, 60, 90}}, to[3] = {40, 36, 20};
    static const double c = 0.98, q = 0.198;
    static const double m[12] = {c, -q, 0.02, 10.25, q, c, 0.0, 3.5, 0.03, 0.0, 1.0, 6.125};
    int interp, k;
    for (interp = MEDVOL_LINEAR; interp <= MEDVOL_CUBIC_CONV; interp++)
        for (k = 0; k < 2; k++) {
            mv_resample_opt o = some_option(0, interp);
            twin a;
            twin_made(&a, MEDVOL_F32, 3, dims[k], PLAIN);
            a.host.slope = a.device.slope = 1.0, a.host.inter = a.device.inter = 0.0;
            each(&a.host, [&](unsigned char *p) {
                const float x = (float)(draw() % 1000);
                memcpy(p, &x, 4);
            });
            send(&a);
            snprintf(about, sizeof about, "interp %d of %zux%zux%zu", interp, dims[k][0], dims[k][1], dims[k][2]);
            SAMPLED(&a, 1e-5, mv_resample_affine(&cpu, d, v, m, to, &o),
                    mv_cuda_resample_affine(&gpu, d, v, m, to, &o));
            twin_free(&a);
        }
}
static void test_nearest(void) { /* any type, to the bit */
    int i, n = 0;
    for (i = 0; i < TYPES; i++, n++) {
        const shape *s = &pictures[n % PICTURES];
        const double m[12] = {0.9, 0.3, 0, 1, -0.3, 0.9, 0, 2, 0, 0, 1, 0};
        const size_t to[3] = {19, 23, 7}, small[3] = {5, s->ndim > 1 ? 4u : 1u, s->ndim > 2 ? 3u : 1u};
        mv_resample_opt o;
        twin a;
        memset(&o, 0, sizeof o);
        o.interp = MEDVOL_NEAREST;
        o.border = (mv_border)(n % 5);
        o.value = i < REALS ? 3.0 : 0.0;
        twin_made(&a, types[i], s->ndim, s->dim, n % LAYOUTS);
        snprintf(about, sizeof about, "%s border %d", mv_dtype_name(types[i]), n % 5);
        SAMPLED(&a, 0.0, mv_resample_affine(&cpu, d, v, m, to, &o),
                mv_cuda_resample_affine(&gpu, d, v, m, to, &o));
        SAMPLED(&a, 0.0, mv_resample_shape(&cpu, d, v, small, &o),
                mv_cuda_resample_shape(&gpu, d, v, small, &o));
        o.value = 3.0;
        SAMPLED(&a, 0.0, mv_resample_affine(&cpu, d, v, m, to, &o),
                mv_cuda_resample_affine(&gpu, d, v, m, to, &o));
        twin_free(&a);
    }
    for (i = 0; i < 2; i++) { /* -0 of halves stays that in float */
        const size_t n4[1] = {4}, to[3] = {8, 1, 1};
        float seen[8];
        mv_resample_opt o;
        mv_volume d;
        twin a;
        memset(&o, 0, sizeof o), memset(&d, 0, sizeof d);
        o.interp = MEDVOL_NEAREST, o.dtype = MEDVOL_F32;
        twin_make(&a, i ? MEDVOL_BF16 : MEDVOL_F16, 1, n4, PLAIN);
        for (size_t k = 0; k < a.bytes; k++) a.block[k] = (unsigned char)(k % 2 ? 0x80 : 0);
        send(&a);
        CHECK_SETTLED(mv_cuda_resample_shape(&gpu, &d, &a.device, to, &o), MEDVOL_OK);
        CHECK(dev_get(seen, d.data, sizeof seen));
        for (int k = 0; k < 8; k++) CHECK(seen[k] == 0.0f && signbit(seen[k]));
        mv_cuda_volume_free(&gpu, &d);
        twin_free(&a);
    }
}
/* A linear function of the world keeps its values inside, whatever the grid */
static void test_resampled_world(void) {
    static const size_t dim[3] = {25, 22, 19}, to[3] = {21, 17, 15};
    static const double spacing[3] = {1.7, 2.3, 0.9};
    const double m[12] = {0.8, 0.3, 0.1, 2, -0.3, 0.8, 0.1, 5, -0.1, 0.0, 0.9, 2};
    mv_volume h, d, e, back;
    int way, interp, r;
    size_t i, j, k;
    for (interp = 0; interp < 4; interp++)
        for (way = 0; way < 3; way++) {
            mv_resample_opt o;
            double worst = 0;
            if (interp == MEDVOL_NEAREST) continue;
            memset(&o, 0, sizeof o), memset(&h, 0, sizeof h), memset(&d, 0, sizeof d),
                memset(&e, 0, sizeof e);
            memset(&back, 0, sizeof back);
            o.interp = (mv_interp)interp;
            CHECK_STATUS(mv_volume_alloc(&cpu, &h, MEDVOL_F32, 3, dim), MEDVOL_OK);
            for (r = 0; r < 12; r++) h.affine[r] = uniform() - 0.5 + (r % 5 ? 0 : 2);
            for (k = 0; k < dim[2]; k++)
                for (j = 0; j < dim[1]; j++)
                    for (i = 0; i < dim[0]; i++) ((float *)h.data)[i + dim[0] * (j + dim[1] * k)] =
                        (float)world(&h, i, j, k);
            CHECK_STATUS(mv_cuda_upload(&gpu, &d, &h, MEDVOL_NONE, NULL), MEDVOL_OK);
            if (way == 0) CHECK_STATUS(mv_cuda_resample_spacing(&gpu, &e, &d, spacing, &o), MEDVOL_OK);
            if (way == 1) CHECK_STATUS(mv_cuda_resample_shape(&gpu, &e, &d, to, &o), MEDVOL_OK);
            if (way == 2) CHECK_STATUS(mv_cuda_resample_affine(&gpu, &e, &d, m, to, &o), MEDVOL_OK);
            CHECK_STATUS(mv_cuda_download(&gpu, &back, &e, MEDVOL_NONE, NULL), MEDVOL_OK);
            for (k = 0; k < back.dim[2]; k++)
                for (j = 0; j < back.dim[1]; j++)
                    for (i = 0; i < back.dim[0]; i++) {
                        double inverse[12], w[3], v[3];
                        int in = 1;
                        for (r = 0; r < 3; r++)
                            w[r] = back.affine[4 * r] * (double)i + back.affine[4 * r + 1] * (double)j +
                                   back.affine[4 * r + 2] * (double)k + back.affine[4 * r + 3];
                        (void)mv_affine_invert(inverse, h.affine);
                        for (r = 0; r < 3; r++) {
                            v[r] = inverse[4 * r] * w[0] + inverse[4 * r + 1] * w[1] + inverse[4 * r +
                                    2] * w[2] + inverse[4 * r + 3];
                            in = in && v[r] >= 4.0 && v[r] <= (double)dim[r] - 5.0;
                        }
                        if (in && interp != MEDVOL_CUBIC) 
                            worst = fmax(worst, fabs((double)((float *)back.data)[i + back.dim[0] * (j +
                                    back.dim[1] * k)] - world(&back, i, j, k)));
                    }
            snprintf(about, sizeof about, "interp %d way %d: %.3g", interp, way, worst);
            CHECK(worst < 1e-3);
            mv_volume_free(&cpu, &h), mv_volume_free(&cpu, &back);
            mv_cuda_volume_free(&gpu, &d), mv_cuda_volume_free(&gpu, &e);
        }
}

/* dst that is there, dst that is src, arrays, a capture; what is refused */
static void test_sampled_ways(void) {
    static const size_t dim[3] = {21, 18, 7}, to[3] = {13, 25, 5}, none[3] = {1, 0, 1};
    static const int interps[] = {MEDVOL_LINEAR, MEDVOL_CUBIC, MEDVOL_NEAREST};
    const double m[12] = {0.9, 0.3, 0, 1, -0.3, 0.9, 0, 2, 0, 0, 1, 0}, flat[12] = {0};
    double bad[12], sp[3] = {1, 0, 1};
    mv_cuda_graph graph;
    mv_resample_opt o;
    mv_volume d;
    twin a, b;
    int i;
    snprintf(about, sizeof about, "ways");
    memset(&o, 0, sizeof o), memset(&d, 0, sizeof d), memset(&graph, 0, sizeof graph);
    twin_made(&a, MEDVOL_F32, 3, dim, VIEW);
    tame(&a);
    for (i = 0; i < 3; i++) {
        mv_volume h = a.host, e = a.device;
        o.interp = (mv_interp)interps[i];
        CHECK_STATUS(mv_resample_affine(&cpu, &h, &h, m, to, &o), MEDVOL_OK);
        /* new memory takes its place */
        CHECK_STATUS(mv_cuda_resample_affine(&gpu, &e, &e, m, to, &o), MEDVOL_OK);
        CHECK(e.data != a.device.data);
        CHECK_STATUS(mv_cuda_sync(&gpu), MEDVOL_OK);
        same_geometry(&e, &h, __LINE__);
        near_to(&h, &e, 100.0, interps[i] == MEDVOL_NEAREST ? 0.0 : 1e-5, __LINE__);
        mv_volume_free(&cpu, &h), mv_cuda_volume_free(&gpu, &e);
    }
    o.interp = MEDVOL_NEAREST;
    twin_made(&b, MEDVOL_F32, 3, to, VIEW); /* gaps between rows stay */
    b.host.slope = b.device.slope = 1, b.host.inter = b.device.inter = 0;
    CHECK_STATUS(mv_resample_affine(&cpu, &b.host, &a.host, m, to, &o), MEDVOL_OK);
    CHECK_STATUS(mv_cuda_resample_affine(&gpu, &b.device, &a.device, m, to, &o), MEDVOL_OK);
    CHECK_STATUS(mv_cuda_sync(&gpu), MEDVOL_OK);
    same_block(b.there, b.block, b.bytes, __LINE__);
    CHECK_STATUS(mv_resample_shape(&cpu, &b.host, &a.host, to, &o), MEDVOL_OK);
    CHECK_STATUS(mv_cuda_capture_begin(&gpu), MEDVOL_OK);
    CHECK_STATUS(mv_cuda_resample_shape(&gpu, &b.device, &a.device, to, &o), MEDVOL_OK);
    CHECK_STATUS(mv_cuda_capture_end(&gpu, &graph), MEDVOL_OK);
    CHECK_STATUS(mv_cuda_graph_launch(&gpu, &graph), MEDVOL_OK);
    CHECK_STATUS(mv_cuda_sync(&gpu), MEDVOL_OK);
    same_block(b.there, b.block, b.bytes, __LINE__);
    mv_cuda_graph_free(&gpu, &graph);
    {
        twin x, y;
        twin_made(&x, MEDVOL_F32, 3, dim, PLAIN), twin_made(&y, MEDVOL_F32, 3, to, PLAIN);
        tame(&x);
        CHECK_STATUS(mv_resample_affine_f32(&cpu, (float *)y.host.data, to, (float *)x.host.data, dim, m,
                                            &o), MEDVOL_OK);
        CHECK_STATUS(mv_cuda_resample_affine_f32(&gpu, (float *)y.device.data, to, (float *)x.device.data,
                                                 dim, m, &o), MEDVOL_OK);
        CHECK_STATUS(mv_cuda_sync(&gpu), MEDVOL_OK);
        same_block(y.there, y.block, y.bytes, __LINE__);
        CHECK_STATUS(mv_resample_shape_f32(&cpu, (float *)y.host.data, to, (float *)x.host.data, dim, &o),
                     MEDVOL_OK);
        CHECK_STATUS(mv_cuda_resample_shape_f32(&gpu, (float *)y.device.data, to, (float *)x.device.data,
                                                dim, &o), MEDVOL_OK);
        CHECK_STATUS(mv_cuda_sync(&gpu), MEDVOL_OK);
        same_block(y.there, y.block, y.bytes, __LINE__);
        CHECK_STATUS(mv_cuda_resample_shape_f32(&gpu, NULL, to, (float *)x.device.data, dim, &o),
                     MEDVOL_E_NULL);
        CHECK_STATUS(mv_cuda_resample_shape_f32(&gpu, (float *)x.device.data, dim, (float *)x.device.data,
                                                dim, &o), MEDVOL_E_ALIAS);
        twin_free(&x), twin_free(&y);
    }
    CHECK_STATUS(mv_cuda_resample_affine(&gpu, &d, &a.device, flat, to, NULL), MEDVOL_E_SINGULAR);
    CHECK_STATUS(mv_cuda_resample_affine(&gpu, &d, &a.device, NULL, to, NULL), MEDVOL_E_NULL);
    CHECK_STATUS(mv_cuda_resample_affine(&gpu, NULL, &a.device, m, to, NULL), MEDVOL_E_NULL);
    CHECK_STATUS(mv_cuda_resample_affine(&gpu, &d, &a.host, m, to, NULL), MEDVOL_E_POINTER);
    CHECK_STATUS(mv_cuda_resample_affine(&gpu, &d, &a.device, m, none, NULL), MEDVOL_E_SIZE);
    CHECK_STATUS(mv_cuda_resample_shape(&gpu, &d, &a.device, NULL, NULL), MEDVOL_E_NULL);
    CHECK_STATUS(mv_cuda_resample_like(&gpu, &d, &a.device, NULL, NULL), MEDVOL_E_NULL);
    CHECK_STATUS(mv_cuda_resample_spacing(&gpu, &d, &a.device, sp, NULL), MEDVOL_E_RANGE);
    o.interp = (mv_interp)5;
    CHECK_STATUS(mv_cuda_resample_shape(&gpu, &d, &a.device, to, &o), MEDVOL_E_RANGE);
    o.interp = MEDVOL_LINEAR, o.value = NAN;
    CHECK_STATUS(mv_cuda_resample_shape(&gpu, &d, &a.device, to, &o), MEDVOL_E_RANGE);
    o.value = 0, o.dtype = MEDVOL_C64;
    CHECK_STATUS(mv_cuda_resample_shape(&gpu, &d, &a.device, to, &o), MEDVOL_E_DTYPE);
    o.dtype = (mv_dtype)999;
    CHECK_STATUS(mv_cuda_resample_shape(&gpu, &d, &a.device, to, &o), MEDVOL_E_DTYPE);
    o.dtype = MEDVOL_NONE, o.border = (mv_border)5;
    CHECK_STATUS(mv_cuda_resample_shape(&gpu, &d, &a.device, to, &o), MEDVOL_E_RANGE);
    o.border = MEDVOL_BORDER_DEFAULT, o.dtype = MEDVOL_I16;
    CHECK_STATUS(mv_cuda_resample_shape_f32(&gpu, (float *)a.device.data, to, (float *)a.device.data, to, &o),
                 MEDVOL_E_DTYPE);
    memcpy(bad, m, sizeof bad), bad[5] = INFINITY;
    CHECK_STATUS(mv_cuda_resample_affine(&gpu, &d, &a.device, bad, to, NULL), MEDVOL_E_RANGE);
    sp[0] = sp[1] = sp[2] = 1e-12;
    CHECK_STATUS(mv_cuda_resample_spacing(&gpu, &d, &a.device, sp, NULL), MEDVOL_E_SIZE);
    b.host.ndim = 8;
    CHECK_STATUS(mv_cuda_resample_like(&gpu, &d, &a.device, &b.host, NULL), MEDVOL_E_RANGE);
    b.host.ndim = 3;
    memset(a.device.affine, 0, sizeof a.device.affine);
    CHECK_STATUS(mv_cuda_resample_like(&gpu, &d, &a.device, &b.host, NULL), MEDVOL_E_SINGULAR);
    sp[0] = sp[1] = sp[2] = 1;
    CHECK_STATUS(mv_cuda_resample_spacing(&gpu, &d, &a.device, sp, NULL), MEDVOL_E_SINGULAR);
    CHECK(d.data == NULL);
    twin_free(&a), twin_free(&b);
}
/* NaN and infinity: of CUBIC within 48 voxels; at a voxel itself, where a neighbour is NaN, it or its own value */
static void test_sampled_nan(void) {
    enum { N = 300, M = 731 };
    const size_t dim[1] = {N}, to[3] = {M, 1, 1}, same[3] = {N, 1, 1};
    mv_resample_opt o;
    mv_volume d;
    float got[M];
    twin a;
    size_t i, bad = 0, none = 0;
    memset(&o, 0, sizeof o), memset(&d, 0, sizeof d);
    snprintf(about, sizeof about, "NaN");
    twin_make(&a, MEDVOL_F32, 1, dim, PLAIN);
    for (i = 0; i < N; i++) ((float *)a.host.data)[i] = (float)(i % 7);
    ((float *)a.host.data)[60] = INFINITY, ((float *)a.host.data)[200] = NAN;
    send(&a);
    o.interp = MEDVOL_CUBIC;
    CHECK_SETTLED(mv_cuda_resample_shape(&gpu, &d, &a.device, to, &o), MEDVOL_OK);
    CHECK(dev_get(got, d.data, sizeof got));
    for (i = 0; i < M; i++) {
        const double x = ((double)i + 0.5) * (double)N / (double)M - 0.5;
        const int near = fabs(x - 60) <= 50 || fabs(x - 200) <= 50;
        bad += !near && got[i] - got[i] != 0.0f, none += (fabs(x - 200) < 1 && got[i] == got[i]);
    }
    CHECK(bad == 0 && none == 0);
    mv_cuda_volume_free(&gpu, &d);
    for (int k = 0; k < 2; k++) {
        o.interp = k ? MEDVOL_CUBIC_CONV : MEDVOL_LINEAR;
        CHECK_SETTLED(mv_cuda_resample_shape(&gpu, &d, &a.device, same, &o), MEDVOL_OK);
        CHECK(dev_get(got, d.data, N * sizeof *got));
        for (i = 0, bad = 0; i < N; i++) {
            const float want = ((float *)a.host.data)[i];
            const int beside = (i > 60 ? i - 60 : 60 - i) <= 2 || (i > 200 ? i - 200 : 200 - i) <= 2;
            bad += !(got[i] == want || (beside && got[i] != got[i]));
        }
        CHECK(bad == 0);
        mv_cuda_volume_free(&gpu, &d);
    }
    twin_free(&a);
}
static void test_sampled_limits(void) {
    const double far[12] = {1e9, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0}, turned[12] = {1e8, 0.3, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0},
                 small[12] = {1, 0.1, 0, 0, 0, 1e-5, 0, 0, 0, 0, 1, 0};
    static const size_t to[3] = {20, 4, 1}, rows[3] = {4, 1100000, 1};
    snprintf(about, sizeof about, "limits");
    AFAR {
        const mv_volume s = afar(MEDVOL_F32, 16, 16);
        mv_volume d = afar(MEDVOL_F32, to[0], to[1]);
        CHECK_STATUS(mv_cuda_resample_affine(&gpu, &d, &s, far, to, NULL), MEDVOL_E_UNSUPPORTED);
        CHECK_STATUS(mv_cuda_resample_affine(&gpu, &d, &s, turned, to, NULL), MEDVOL_E_UNSUPPORTED);
        d = afar(MEDVOL_F32, rows[0], rows[1]);
        CHECK_STATUS(mv_cuda_resample_affine(&gpu, &d, &s, small, rows, NULL), MEDVOL_E_UNSUPPORTED);
    }
}

SUITE(spatial, {"refused", test_refused}, {"sampled_limits", test_sampled_limits},
      {"sampled_nan", test_sampled_nan}, {"turns", test_turns}, {"permutes", test_permutes},
      {"reorient", test_reorient}, {"crop", test_crop}, {"pad", test_pad}, {"pad_axes", test_pad_axes},
      {"crop_or_pad", test_crop_or_pad},
      {"foreground", test_foreground}, {"arrays", test_arrays}, {"world", test_world}, {"capture", test_capture},
      {"straight", test_straight}, {"folded", test_folded}, {"matrix", test_matrix}, {"inside", test_inside},
      {"nearest", test_nearest}, {"sampled_world", test_resampled_world},
      {"sampled_ways", test_sampled_ways}, {"traffic", test_traffic});
