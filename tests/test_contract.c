/* test_contract.c - what every volume call promises, asked of each: NULL, unknown types, destinations of
   another shape, overlap, in place, limits; what is documented of single calls and tested nowhere else. */
#include "test.h"

enum { CROP, PAD, CROP_OR_PAD, FOREGROUND, FLIP, PERMUTE, ROT90, REORIENT, ZNORM, RESCALE, LINEAR, CLAMP,
    THRESHOLD, GAMMA, CONVERT, COPY, SPACING, SHAPE, LIKE, AFFINE, GAUSSIAN, BOX, PYRAMID, WARP, DISTANCE,
        CALLS };
static const size_t dims[3] = {7, 5, 6};
static mv_status warped(mv_volume *dst, const mv_volume *src, const mv_volume *grid) {
    static const size_t shape[5] = {4, 5, 6, 1, 3};
    static float moves[4 * 5 * 6 * 3];
    mv_transform chain[2];
    mv_volume field;
    size_t i;
    for (i = 0; i < sizeof moves / sizeof *moves; i++) moves[i] = (float)(i % 7) * 0.2f - 0.5f;
    CHECK_OK(mv_volume_wrap(T, &field, moves, MEDVOL_F32, 5, shape, NULL));
    memset(chain, 0, sizeof chain);
    chain[0].kind = MEDVOL_TRANSFORM_FIELD, chain[0].field = &field;
    chain[1].kind = MEDVOL_TRANSFORM_AFFINE;
    mv_affine_identity(chain[1].affine);
    chain[1].affine[3] = 0.4;
    return mv_warp(T, dst, src, grid, chain, 2, NULL);
}
static mv_status call(int c, mv_volume *dst, const mv_volume *src) {
    static const size_t start[3] = {1, 0, 2}, size[3] = {5, 4, 3}, shape[3] = {8, 4, 6};
    static const double spacing[3] = {0.9, 1.2, 1.5}, m[12] = {0.9, 0.1, 0, 1, -0.1, 0.9, 0, 0, 0, 0.1, 1, 0};
    static const int order[3] = {1, 2, 0};
    static mv_volume grid; /* only its shape and affine count */
    grid.dtype = MEDVOL_U8, grid.ndim = 3;
    memset(grid.affine, 0, sizeof grid.affine);
    grid.affine[0] = 1.5, grid.affine[5] = grid.affine[10] = 1;
    grid.dim[0] = 4, grid.dim[1] = 5, grid.dim[2] = 6;
    switch (c) {
        case WARP: return warped(dst, src, &grid);
        case DISTANCE: return mv_distance(T, dst, src, NULL);
        case GAUSSIAN: return mv_gaussian(T, dst, src, spacing, NULL);
        case BOX: return mv_box_mean(T, dst, src, start, NULL);
        case PYRAMID: return mv_pyramid(T, dst, 1, src, NULL);
        case CROP: return mv_crop(T, dst, src, start, size, NULL);
        case PAD: return mv_pad(T, dst, src, start, size, NULL);
        case CROP_OR_PAD: return mv_crop_or_pad(T, dst, src, shape, NULL);
        case FOREGROUND: return mv_crop_foreground(T, dst, src, NULL);
        case FLIP: return mv_flip(T, dst, src, 5);
        case PERMUTE: return mv_permute(T, dst, src, order);
        case ROT90: return mv_rot90(T, dst, src, 1, 0, 1);
        case REORIENT: return mv_reorient(T, dst, src, "SPL", NULL);
        case ZNORM: return mv_znorm(T, dst, src, NULL);
        case RESCALE: return mv_rescale(T, dst, src, -1, 1, NULL);
        case LINEAR: return mv_linear(T, dst, src, 2, -1);
        case CLAMP: return mv_clamp(T, dst, src, 10, 60);
        case THRESHOLD: return mv_threshold(T, dst, src, 10, 60, NULL);
        case GAMMA: return mv_gamma(T, dst, src, 1.5, NULL);
        case CONVERT: return mv_convert(T, dst, src, MEDVOL_NONE, NULL);
        case COPY: return mv_volume_copy(T, dst, src);
        case SPACING: return mv_resample_spacing(T, dst, src, spacing, NULL);
        case SHAPE: return mv_resample_shape(T, dst, src, shape, NULL);
        case LIKE: return mv_resample_like(T, dst, src, &grid, NULL);
        default: return mv_resample_affine(T, dst, src, m, shape, NULL);
    }
}
/* 7 x 5 x 6 floats; the first slice is 0, so that there is a foreground smaller than the volume */
static mv_volume scene(void) {
    mv_volume v;
    size_t i;
    CHECK_OK(mv_volume_alloc(T, &v, MEDVOL_F32, 3, dims));
    for (i = 0; i < 210; i++) ((float *)v.data)[i] = i < 35 ? 0.0f : (float)(i * 37 % 101);
    return v;
}
static int same(const mv_volume *a, const mv_volume *b) {
    size_t n = mv_volume_count(a) * mv_dtype_size(a->dtype);
    return a->dtype == b->dtype && a->ndim == b->ndim && !memcmp(a->dim, b->dim, sizeof a->dim) &&
        !memcmp(a->affine, b->affine, sizeof a->affine) && !memcmp(a->data, b->data, n);
}
static void test_refused(void) { /* a status, a message, and dst, its struct and its voxels, as they were */
    mv_volume v = scene(), d, was, bad, empty = {0};
    int c, k;
    size_t i;
    for (c = 0; c < CALLS; c++) {
        size_t other[3] = {19, 3, 2};
        unsigned char bytes[19 * 3 * 2 * 4];
        CHECK_STATUS(call(c, NULL, &v), MEDVOL_E_NULL);
        CHECK_STATUS(call(c, &empty, NULL), MEDVOL_E_NULL);
        memset(bytes, 0x5a, sizeof bytes);
        CHECK_OK(mv_volume_wrap(T, &d, bytes, MEDVOL_F32, 3, other, NULL));
        was = d;
        for (k = 0; k < 6; k++) {
            mv_status st, want = k == 0 ? MEDVOL_E_SHAPE : k == 1 ? MEDVOL_E_DTYPE : MEDVOL_OK;
            bad = v;
            if (k == 1) bad.dtype = (mv_dtype)77;
            if (k == 2) bad.ndim = 0;
            if (k == 3) bad.ndim = 8;
            if (k == 4) bad.dim[1] = 0;
            if (k == 5) bad.data = NULL;
            T->error.text[0] = 0;
            st = call(c, &d, &bad);
            if (!CHECK(st < 0 && (!want || st == want) && T->error.code == st && T->error.text[0]))
                fprintf(stderr, "  call %d, case %d: %d\n", c, k, (int)st);
            CHECK(!memcmp(&d, &was, sizeof d));
        }
        for (i = 0; i < sizeof bytes; i++) CHECK(bytes[i] == 0x5a);
        CHECK(call(c, &empty, &empty) < 0 && empty.data == NULL);
    }
    mv_volume_free(T, &v);
}
static void test_overlap(void) { /* a destination that begins one voxel into the source */
    mv_volume v = scene(), r, d, was;
    float *room = (float *)malloc(4000 * sizeof(float)), *keep = (float *)malloc(4000 * sizeof(float));
    int c;
    size_t i;
    for (c = 0; c < CALLS; c++) {
        mv_volume none = {0}, src;
        r = none;
        CHECK_OK(call(c, &r, &v));
        for (i = 0; i < 4000; i++) room[i] = keep[i] = i < 210 ? ((float *)v.data)[i] : -1.0f;
        CHECK_OK(mv_volume_wrap(T, &src, room, MEDVOL_F32, 3, dims, NULL));
        CHECK_OK(mv_volume_wrap(T, &d, room + 1, r.dtype, r.ndim, r.dim, NULL));
        was = d;
        if (!CHECK_STATUS(call(c, &d, &src), MEDVOL_E_ALIAS)) fprintf(stderr, "  call %d\n", c);
        CHECK(!memcmp(&d, &was, sizeof d) && !memcmp(room, keep, 4000 * sizeof(float)));
        mv_volume_free(T, &r);
    }
    free(room);
    free(keep);
    mv_volume_free(T, &v);
}
static void test_places(void) { /* new memory, the caller's, in place of either: the same result */
    mv_volume v = scene(), r, d;
    float borrowed[210];
    int c;
    for (c = 0; c < CALLS; c++) {
        mv_volume none = {0};
        size_t n;
        void *block;
        r = d = none;
        CHECK_OK(call(c, &r, &v));
        n = mv_volume_count(&r) * mv_dtype_size(r.dtype);
        CHECK(r.owner && mv_volume_contiguous(&r));
        block = t_guard(n);
        CHECK_OK(mv_volume_wrap(T, &d, block, r.dtype, r.ndim, r.dim, NULL));
        CHECK_OK(call(c, &d, &v));
        CHECK(d.data == block && d.owner == NULL && same(&d, &r));
        t_guard_free(block, n);
        d = scene();
        CHECK_OK(call(c, &d, &d));
        if (!CHECK(same(&d, &r))) fprintf(stderr, "  call %d in place\n", c);
        mv_volume_free(T, &d);
        memcpy(borrowed, v.data, sizeof borrowed);
        CHECK_OK(mv_volume_wrap(T, &d, borrowed, MEDVOL_F32, 3, dims, NULL));
        CHECK_OK(call(c, &d, &d));
        CHECK(same(&d, &r));
        if (d.data != (void *)borrowed) CHECK(d.owner && !memcmp(borrowed, v.data, sizeof borrowed));
        mv_volume_free(T, &d);
        mv_volume_free(T, &r);
    }
    mv_volume_free(T, &v);
}
static void test_limited(void) { /* max_bytes bounds a result, too */
    mv_volume v = scene(), d = {0};
    int c;
    for (c = 0; c < CALLS; c++) {
        T->desc.limits.max_bytes = 64;
        CHECK_STATUS(call(c, &d, &v), MEDVOL_E_LIMIT);
        T->desc.limits.max_bytes = 0;
        CHECK(d.data == NULL);
        CHECK_OK(call(c, &d, &v));
        mv_volume_free(T, &d);
    }
    mv_volume_free(T, &v);
}
/* ---- intensity ---- */
static mv_status measured(int c, const mv_volume *src, const mv_volume *mask, int split, int nonzero) {
    double out[64];
    const double q = 50;
    mv_volume d = {0};
    mv_statistics s[16];
    uint64_t counts[8];
    mv_hist h;
    mv_stats_opt so;
    mv_percentile_opt po;
    mv_histogram_opt ho;
    mv_znorm_opt zo;
    mv_rescale_opt ro;
    mv_status st;
    memset(&h, 0, sizeof h), memset(&so, 0, sizeof so), memset(&po, 0, sizeof po), memset(&ho, 0, sizeof ho);
    memset(&zo, 0, sizeof zo), memset(&ro, 0, sizeof ro);
    h.counts = counts, h.bins = 8;
    so.mask = po.mask = ho.mask = zo.mask = ro.mask = mask;
    so.split = po.split = zo.split = ro.split = split;
    so.nonzero = po.nonzero = ho.nonzero = zo.nonzero = ro.nonzero = nonzero;
    switch (c) {
        case 0: return mv_stats(T, s, src, &so);
        case 1: return mv_percentiles(T, out, src, &q, 1, &po);
        case 2: return mv_median(T, out, src, &po);
        case 3: return mv_histogram(T, &h, src, &ho);
        case 4: st = mv_znorm(T, &d, src, &zo); break;
        default: st = mv_rescale(T, &d, src, 0, 1, &ro);
    }
    CHECK(st == MEDVOL_OK || d.data == NULL);
    mv_volume_free(T, &d);
    return st;
}
static void test_choice(void) { /* of mask, split, nonzero and type, for all that measure */
    const size_t other[3] = {7, 4, 6}, one[3] = {7, 1, 6};
    mv_volume v = scene(), mask, bad;
    int c;
    size_t i;
    for (c = 0; c < 6; c++) {
        CHECK_OK(mv_volume_alloc(T, &mask, MEDVOL_U8, 3, other));
        memset(mask.data, 1, 7 * 4 * 6);
        CHECK_STATUS(measured(c, &v, &mask, 0, 0), MEDVOL_E_SHAPE);
        mv_volume_free(T, &mask);
        CHECK_OK(mv_volume_alloc(T, &mask, MEDVOL_U8, 3, one)); /* holds for every j */
        memset(mask.data, 0, 42);
        CHECK_STATUS(measured(c, &v, &mask, 0, 0), MEDVOL_E_EMPTY);
        ((unsigned char *)mask.data)[41] = 1, ((unsigned char *)mask.data)[40] = 9;
        CHECK_OK(measured(c, &v, &mask, 0, 0));
        mv_volume_free(T, &mask);
        if (c != 3) {
            CHECK_STATUS(measured(c, &v, NULL, 8, 0), MEDVOL_E_RANGE);
            CHECK_STATUS(measured(c, &v, NULL, -1, 0), MEDVOL_E_RANGE);
            CHECK_OK(measured(c, &v, NULL, 2, 0));
        }
        bad = v, bad.dtype = MEDVOL_C64; /* of half as many voxels, were it complex */
        bad.dim[0] = 3, bad.stride[1] = 3, bad.stride[2] = 15;
        CHECK_STATUS(measured(c, &bad, NULL, 0, 0), MEDVOL_E_DTYPE);
        bad.dtype = MEDVOL_RGB24;
        CHECK_STATUS(measured(c, &bad, NULL, 0, 0), MEDVOL_E_DTYPE);
        bad = scene();
        memset(bad.data, 0, 840);
        CHECK_STATUS(measured(c, &bad, NULL, 0, 1), MEDVOL_E_EMPTY);
        for (i = 0; i < 210; i++) ((float *)bad.data)[i] = NAN;
        CHECK_STATUS(measured(c, &bad, NULL, 0, 0), MEDVOL_E_EMPTY);
        mv_volume_free(T, &bad);
    }
    mv_volume_free(T, &v);
}
static mv_status array_call(int c, float *d, const float *s, size_t n, double nan) {
    switch (c) {
        case 0: return mv_znorm_f32(T, d, s, n, NULL);
        case 1: return mv_rescale_f32(T, d, s, n, nan, 1, NULL);
        case 2: return mv_linear_f32(T, d, s, n, 2, nan);
        case 3: return mv_clamp_f32(T, d, s, n, nan, 50);
        case 4: return mv_threshold_f32(T, d, s, n, nan, 50, NULL);
        default: return mv_gamma_f32(T, d, s, n, 1 + nan, NULL);
    }
}
static void test_array_calls(void) {
    float s[300], d[300], in_place[301], was[301];
    int c;
    size_t i;
    for (i = 0; i < 300; i++) s[i] = (float)(i * 37 % 101);
    for (c = 0; c < 6; c++) {
        for (i = 0; i < 300; i++) d[i] = 77;
        CHECK_STATUS(array_call(c, NULL, s, 300, 0), MEDVOL_E_NULL);
        CHECK_STATUS(array_call(c, d, NULL, 300, 0), MEDVOL_E_NULL);
        CHECK_STATUS(array_call(c, d, s, 0, 0), MEDVOL_E_SIZE);
        CHECK_STATUS(array_call(c, d, s, SIZE_MAX / 2, 0), MEDVOL_E_SIZE);
        if (c) CHECK_STATUS(array_call(c, d, s, 300, (double)NAN), MEDVOL_E_RANGE);
        for (i = 0; i < 300; i++) CHECK(d[i] == 77);
        memcpy(in_place, s, sizeof s);
        in_place[300] = 5;
        memcpy(was, in_place, sizeof was);
        CHECK_STATUS(array_call(c, in_place + 1, in_place, 300, 0), MEDVOL_E_ALIAS);
        CHECK_STATUS(array_call(c, in_place, in_place + 1, 300, 0), MEDVOL_E_ALIAS);
        CHECK(!memcmp(in_place, was, sizeof was));
        CHECK_OK(array_call(c, d, s, 300, 0));
        CHECK_OK(array_call(c, in_place, in_place, 300, 0));
        CHECK(!memcmp(d, in_place, sizeof d) && in_place[300] == 5);
    }
}
/* ---- gzip ---- */
typedef struct {
    const unsigned char *p;
    size_t n;
    int calls, fail_at;
} positioned;
static ptrdiff_t read_at(void *user, void *dst, size_t n, uint64_t offset) {
    positioned *s = (positioned *)user;
    if (++s->calls == s->fail_at) return -1;
    if (offset > s->n || n > s->n - offset) return -1;
    memcpy(dst, s->p + offset, n);
    return (ptrdiff_t)n;
}
static void test_index_scan(void) { /* through a callback as over memory; no more read than heads */
    size_t n = 50000, made, i;
    unsigned char *src = (unsigned char *)malloc(n), *gz = (unsigned char *)malloc(2 * n);
    mv_gzip_opt o;
    mv_gzip_index a, b;
    positioned s;
    unsigned long at;
    char text[40];
    int kind;
    for (i = 0; i < n; i++) src[i] = (unsigned char)(t_bits() & 15);
    for (kind = MEDVOL_GZIP_PLAIN; kind <= MEDVOL_GZIP_BGZF; kind++) {
        memset(&o, 0, sizeof o);
        memset(&s, 0, sizeof s);
        o.container = kind, o.member = 6000;
        CHECK_OK(mv_gzip_pack(T, gz, 2 * n, src, n, &o, &made));
        s.p = gz, s.n = made;
        CHECK_OK(mv_gzip_index_mem(T, &a, gz, made));
        CHECK_OK(mv_gzip_index_scan(T, &b, read_at, &s, made));
        CHECK(a.kind == kind && b.kind == kind && a.count == b.count);
        CHECK(a.dst_n == b.dst_n && a.src_n == b.src_n);
        CHECK((a.count > 1) == (kind != MEDVOL_GZIP_PLAIN));
        for (i = 0; i < a.count; i++) CHECK(!memcmp(a.member + i, b.member + i, sizeof *a.member));
        CHECK((size_t)s.calls <= 2 * a.count + 4);
        mv_gzip_index_free(T, &b);
        if (kind != MEDVOL_GZIP_PLAIN) {
            s.calls = 0, s.fail_at = 2;
            CHECK_STATUS(mv_gzip_index_scan(T, &b, read_at, &s, made), MEDVOL_E_IO);
            CHECK(b.member == NULL && b.count == 0);
            at = a.member[0].src_n - 4; /* of the size that ends the first member */
            snprintf(text, sizeof text, "at byte %lu", at);
            CHECK(T->error.offset == (int64_t)at && strstr(mv_message(T), text));
            s.fail_at = 0;
            T->desc.limits.max_members = 1;
            CHECK_STATUS(mv_gzip_index_scan(T, &b, read_at, &s, made), MEDVOL_E_LIMIT);
            CHECK(b.member == NULL);
            T->desc.limits.max_members = 0;
            T->desc.limits.max_bytes = n - 1;
            CHECK_STATUS(mv_gzip_index_scan(T, &b, read_at, &s, made), MEDVOL_E_LIMIT);
            T->desc.limits.max_bytes = 0;
            t_fail_alloc(1, 1);
            CHECK_STATUS(mv_gzip_index_scan(T, &b, read_at, &s, made), MEDVOL_E_NOMEM);
            t_fail_alloc(0, 0);
            CHECK_STATUS(mv_gzip_index_unpack(T, &a, gz + 100, 0, 10, gz, made), MEDVOL_E_ALIAS);
            CHECK_STATUS(mv_gzip_index_unpack(T, &a, src, 0, n + 1, gz, made), MEDVOL_E_RANGE);
            CHECK_STATUS(mv_gzip_index_unpack(T, &a, NULL, 0, 10, gz, made), MEDVOL_E_NULL);
        }
        mv_gzip_index_free(T, &a);
    }
    free(src);
    free(gz);
}
/* ---- files ---- */
static void test_header_extensions(void) { /* max_ext_bytes bounds what is added; the chain stays as it was */
    const size_t dim = 4;
    mv_volume v;
    char text[100] = "a";
    CHECK_OK(mv_volume_alloc(T, &v, MEDVOL_U8, 1, &dim));
    T->desc.limits.max_ext_bytes = 112;
    CHECK_OK(mv_nifti_ext_add(T, &v, 6, text, 50));
    CHECK(v.nifti->ext_bytes == 64);
    CHECK_STATUS(mv_nifti_ext_add(T, &v, 6, text, 50), MEDVOL_E_LIMIT);
    CHECK(v.nifti->ext_bytes == 64);
    CHECK_OK(mv_nifti_ext_add(T, &v, 6, text, 40));
    CHECK(v.nifti->ext_bytes == 112);
    T->desc.limits.max_ext_bytes = 0;
    t_fail_alloc(1, 1);
    CHECK_STATUS(mv_nifti_ext_add(T, &v, 6, text, 40), MEDVOL_E_NOMEM);
    t_fail_alloc(0, 0);
    CHECK(v.nifti->ext_bytes == 112);
    mv_volume_free(T, &v);
}
static void test_held(void) { /* what a volume held: released by a header load, kept by one that fails */
    mv_volume v = scene(), w = scene(), was;
    mv_buffer file = {0};
    CHECK_OK(mv_save_mem(T, &file, NULL, &v, NULL));
    was = w;
    CHECK_STATUS(mv_load_header_mem(T, &w, file.data, 200, NULL), MEDVOL_E_TRUNCATED);
    CHECK(!memcmp(&w, &was, sizeof w));
    CHECK_STATUS(mv_load_mem(T, &w, file.data, 200, NULL), MEDVOL_E_TRUNCATED);
    CHECK(!memcmp(&w, &was, sizeof w));
    CHECK_OK(mv_load_header_mem(T, &w, file.data, file.bytes, NULL));
    CHECK(w.data == NULL && w.dim[0] == 7 && w.dim[2] == 6 && w.dtype == MEDVOL_F32);
    mv_volume_free(T, &w);
    CHECK(w.data == NULL && w.nifti == NULL && w.dim[0] == 0 && w.ndim == 0);
    mv_volume_free(T, &w);
    mv_buffer_free(T, &file);
    CHECK(file.data == NULL && file.bytes == 0);
    mv_volume_free(T, &v);
}

const t_case tests_contract[] = {
    {"refused", test_refused, 0},
    {"overlap", test_overlap, 0},
    {"places", test_places, 0},
    {"limited", test_limited, T_ONCE},
    {"choice", test_choice, 0},
    {"array_calls", test_array_calls, 0},
    {"index_scan", test_index_scan, T_ONCE},
    {"header_extensions", test_header_extensions, T_ONCE},
    {"held", test_held, T_ONCE},
    {NULL, NULL, 0},
};
