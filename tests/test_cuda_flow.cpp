/* test_cuda_flow.cpp - [FLOW] and [LAYER] of medvol_cuda.h beside medvol.h. */
#include "cuda_test.h"

static void same_status(mv_status on_cpu, mv_status on_gpu, mv_status want, int line) {
    check_status(on_cpu, want, "medvol.h", line);
    check_status(on_gpu, want, mv_cuda_message(&gpu), line);
    check(mv_cuda_message(&gpu)[0] != 0, "a message", line);
}
#define REFUSED(status, on_cpu, on_gpu) same_status(on_cpu, on_gpu, status, __LINE__)
/* recorded, run again into the same memory: the same bits */
template <class G> static void captured(mv_cuda_volume *d, G call, int line) {
    const size_t bytes = mv_volume_count(d) * mv_dtype_size(d->dtype);
    unsigned char *a = (unsigned char *)malloc(bytes), *b = (unsigned char *)malloc(bytes);
    mv_cuda_graph graph;
    memset(&graph, 0, sizeof graph);
    check(dev_get(a, d->data, bytes) && dev_set(d->data, 7, bytes), "copies", line);
    check_status(mv_cuda_capture_begin(&gpu), MEDVOL_OK, mv_cuda_message(&gpu), line);
    check_status(call(d), MEDVOL_OK, mv_cuda_message(&gpu), line);
    check_status(mv_cuda_capture_end(&gpu, &graph), MEDVOL_OK, mv_cuda_message(&gpu), line);
    check_status(mv_cuda_graph_launch(&gpu, &graph), MEDVOL_OK, mv_cuda_message(&gpu), line);
    check_status(mv_cuda_sync(&gpu), MEDVOL_OK, mv_cuda_message(&gpu), line);
    check(dev_get(b, d->data, bytes) && !memcmp(a, b, bytes), "a graph gives the same", line);
    mv_cuda_graph_free(&gpu, &graph);
    free(a), free(b);
}

/* ---- layers ---- */
static const mv_dtype unders[] = {MEDVOL_U8, MEDVOL_RGB24, MEDVOL_RGBA32, MEDVOL_U16, MEDVOL_F32};
static int fits(mv_dtype under, mv_dtype t) {
    if (under == MEDVOL_RGB24 || under == MEDVOL_RGBA32)
        return t == MEDVOL_U8 || t == MEDVOL_RGB24 || t == MEDVOL_RGBA32;
    return under == MEDVOL_U8 ? t == MEDVOL_U8 : t == MEDVOL_U8 || t == MEDVOL_U16 || t == under;
}
static void image_make(twin *t, mv_dtype type, const shape *s, int layout) {
    twin_make(t, type, s, layout);
    if (type == MEDVOL_F32) /* 0..1 and some beyond, NaN */
        for (size_t i = 0; i + 4 <= t->bytes; i += 4) {
            const float v = draw() % 16 ? (float)(uniform() * 1.2 - 0.1) : draw() % 2 ? (float)NAN : 0.5f;
            memcpy(t->block + i, &v, 4);
        }
    if (type == MEDVOL_RGBA32) /* often opaque or invisible */
        for (size_t i = 3; i < t->bytes; i += 4)
            if (draw() % 3) t->block[i] = (unsigned char)(draw() % 2 * 255);
    send(t);
}
static void same_bits(const mv_volume *want, const mv_cuda_volume *got, int line) {
    mv_convert_opt stored;
    mv_volume b;
    memset(&b, 0, sizeof b), memset(&stored, 0, sizeof stored);
    stored.keep_scaling = 1;
    check(want->dtype == got->dtype && want->ndim == got->ndim && !memcmp(want->dim, got->dim, sizeof want->dim) &&
              !memcmp(want->affine, got->affine, sizeof want->affine) && want->slope == got->slope,
          "type, shape, geometry", line);
    check_status(mv_cuda_download(&gpu, &b, got, MEDVOL_NONE, &stored), MEDVOL_OK, mv_cuda_message(&gpu), line);
    if (!b.data || !want->data) { check(0, "there are results", line); return; }
    const size_t size = mv_dtype_size(want->dtype);
    const unsigned char *p = (const unsigned char *)b.data;
    size_t bad = 0;
    keep(b.data, mv_volume_count(&b) * size);
    each(want, [&](const unsigned char *q) { bad += memcmp(p, q, size) != 0, p += size; });
    if (bad) printf("%s: %zu pixels differ\n", about, bad);
    check(bad == 0, "the same bits", line);
    mv_volume_free(&cpu, &b);
}
struct stack { /* layers of both */
    enum { MOST = 40 };
    twin image[MOST], alpha[MOST];
    mv_layer host[MOST], device[MOST];
    int n;
};
static void stack_add(stack *s, mv_dtype type, mv_dtype alpha, const shape *sh, int layout, int mode) {
    const int k = s->n++;
    memset(&s->host[k], 0, sizeof s->host[k]);
    memset(&s->alpha[k], 0, sizeof s->alpha[k]);
    image_make(&s->image[k], type, sh, layout);
    if (alpha != MEDVOL_NONE) image_make(&s->alpha[k], alpha, sh, (layout + k) % LAYOUTS);
    s->host[k].mode = (mv_blend)mode;
    s->host[k].opacity = k % 3 ? uniform() : 1.0;
    s->host[k].invert = k % 4 == 1;
    s->host[k].hidden = k % 7 == 6;
    s->device[k] = s->host[k];
    s->host[k].image = &s->image[k].host, s->device[k].image = &s->image[k].device;
    if (alpha != MEDVOL_NONE) s->host[k].alpha = &s->alpha[k].host, s->device[k].alpha = &s->alpha[k].device;
}
static void stack_free(stack *s) {
    for (int k = 0; k < s->n; k++) twin_free(&s->image[k]), twin_free(&s->alpha[k]);
    s->n = 0;
}
static void stack_check(stack *s, twin *back, const mv_compose_opt *o, int line) {
    mv_volume h, d;
    memset(&h, 0, sizeof h), memset(&d, 0, sizeof d);
    check_status(mv_compose_layers(&cpu, &h, back ? &back->host : NULL, s->host, (size_t)s->n, o), MEDVOL_OK,
                 cpu.error.text, line);
    settled_at(mv_cuda_compose_layers(&gpu, &d, back ? &back->device : NULL, s->device, (size_t)s->n, o), MEDVOL_OK,
               __FILE__, line);
    same_bits(&h, &d, line);
    mv_volume_free(&cpu, &h), mv_cuda_volume_free(&gpu, &d);
}
/* every mode on every type, all pairs of values */
static void test_blend(void) {
    const shape s = {2, {256, 256}}, few = {2, {61, 9}};
    static stack a;
    for (int mode = 0; mode < 27; mode++) {
        twin back;
        snprintf(about, sizeof about, "all pairs, mode %d", mode);
        a.n = 0;
        twin_make(&back, MEDVOL_U8, &s, PLAIN);
        stack_add(&a, MEDVOL_U8, MEDVOL_NONE, &s, PLAIN, mode);
        for (size_t i = 0; i < 65536; i++)
            back.block[i] = (unsigned char)(i >> 8), a.image[0].block[i] = (unsigned char)i;
        send(&back), send(&a.image[0]);
        stack_check(&a, &back, NULL, __LINE__);
        stack_free(&a), twin_free(&back);
        for (int t = 1; t < 5; t++) {
            snprintf(about, sizeof about, "%s, mode %d", mv_dtype_name(unders[t]), mode);
            image_make(&back, unders[t], &few, PLAIN);
            for (int i = 0; i < 5; i++)
                if (fits(unders[t], unders[i]))
                    stack_add(&a, unders[i], i % 2 ? MEDVOL_NONE : MEDVOL_U8, &few, PLAIN, mode);
            stack_check(&a, &back, NULL, __LINE__);
            stack_free(&a), twin_free(&back);
        }
    }
}
/* shapes, views, kinds of alpha, backgrounds, many layers */
static void test_layers(void) {
    static const shape shapes[] = {{1, {1}}, {1, {257}}, {2, {33, 31}}, {3, {5, 4, 3}}, {4, {19, 2, 3, 2}},
                                   {7, {3, 2, 2, 1, 2, 2, 2}}, {2, {1030, 3}}};
    static const mv_dtype alphas[] = {MEDVOL_NONE, MEDVOL_U8, MEDVOL_U16, MEDVOL_F32};
    static stack a;
    mv_compose_opt o;
    for (int i = 0; i < 7; i++)
        for (int t = 0; t < 5; t++)
            for (int layout = 0; layout < LAYOUTS; layout++) {
                const int many = i == 2 && layout == VIEW;
                twin back;
                memset(&o, 0, sizeof o);
                for (int k = 0; k < 4; k++) o.colour[k] = uniform();
                o.seed = draw();
                snprintf(about, sizeof about, "%s, shape %d, layout %d", mv_dtype_name(unders[t]), i, layout);
                a.n = 0;
                image_make(&back, unders[t], &shapes[i], layout);
                twin_place(&back);
                stack_add(&a, unders[t], MEDVOL_F32, &shapes[i], layout, MEDVOL_BLEND_DISSOLVE);
                for (int k = 0; k < (many ? 37 : 4); k++) {
                    const mv_dtype type = unders[draw() % 5];
                    stack_add(&a, fits(unders[t], type) ? type : unders[t], alphas[(k + i + t) % 4], &shapes[i],
                              (int)(draw() % LAYOUTS), (int)(draw() % 27));
                }
                stack_check(&a, &back, &o, __LINE__);
                stack_check(&a, NULL, &o, __LINE__);
                stack_check(&a, NULL, NULL, __LINE__);
                CHECK_STATUS(mv_compose_layers(&cpu, &back.host, &back.host, a.host, (size_t)a.n, &o), MEDVOL_OK);
                CHECK_SETTLED(mv_cuda_compose_layers(&gpu, &back.device, &back.device, a.device, (size_t)a.n, &o),
                              MEDVOL_OK);
                same_bits(&back.host, &back.device, __LINE__);
                stack_free(&a);
                stack_check(&a, &back, NULL, __LINE__);
                twin_free(&back);
            }
}
static void test_layers_refused(void) {
    const shape s = {2, {9, 8}}, other = {2, {8, 9}};
    static stack a;
    mv_layer bad, there;
    mv_compose_opt o;
    mv_volume h, d;
    twin back, odd, wide, complex;
    memset(&h, 0, sizeof h), memset(&d, 0, sizeof d), memset(&o, 0, sizeof o);
    snprintf(about, sizeof about, "refused");
    a.n = 0;
    stack_add(&a, MEDVOL_U8, MEDVOL_U8, &s, PLAIN, 0);
    image_make(&back, MEDVOL_U8, &s, PLAIN), image_make(&odd, MEDVOL_U8, &other, PLAIN);
    image_make(&wide, MEDVOL_F32, &s, PLAIN), twin_make(&complex, MEDVOL_C64, &s, PLAIN);
#define LAYERS(status, hd, hb, hl, dd, db, dl, n)                                                    \
    REFUSED(status, mv_compose_layers(&cpu, hd, hb, hl, n, &o), mv_cuda_compose_layers(&gpu, dd, db, dl, n, &o))
    LAYERS(MEDVOL_E_NULL, NULL, &back.host, a.host, NULL, &back.device, a.device, 1);
    LAYERS(MEDVOL_E_NULL, &h, &back.host, NULL, &d, &back.device, NULL, 1);
    LAYERS(MEDVOL_E_RANGE, &h, &back.host, a.host, &d, &back.device, a.device, ((size_t)1 << 20) + 1);
    LAYERS(MEDVOL_E_EMPTY, &h, NULL, a.host, &d, NULL, a.device, 0);
    LAYERS(MEDVOL_E_DTYPE, &h, &complex.host, a.host, &d, &complex.device, a.device, 0);
    LAYERS(MEDVOL_E_SHAPE, &h, &odd.host, a.host, &d, &odd.device, a.device, 1);
    LAYERS(MEDVOL_E_ALIAS, &a.image[0].host, &back.host, a.host, &a.image[0].device, &back.device, a.device, 1);
    LAYERS(MEDVOL_E_ALIAS, &a.alpha[0].host, &back.host, a.host, &a.alpha[0].device, &back.device, a.device, 1);
    LAYERS(MEDVOL_E_SHAPE, &odd.host, &back.host, a.host, &odd.device, &back.device, a.device, 1);
    LAYERS(MEDVOL_E_DTYPE, &wide.host, &back.host, a.host, &wide.device, &back.device, a.device, 1);
#define LAYER(status) LAYERS(status, &h, &back.host, &bad, &d, &back.device, &there, 1)
    bad = a.host[0], there = a.device[0];
    bad.image = &wide.host, there.image = &wide.device;
    LAYER(MEDVOL_E_DTYPE);
    bad.image = NULL, there.image = NULL;
    LAYER(MEDVOL_E_NULL);
    bad = a.host[0], there = a.device[0];
    bad.alpha = &complex.host, there.alpha = &complex.device;
    LAYER(MEDVOL_E_DTYPE);
    bad.alpha = &odd.host, there.alpha = &odd.device;
    LAYER(MEDVOL_E_SHAPE);
    bad = a.host[0], there = a.device[0];
    bad.opacity = there.opacity = 1.01;
    LAYER(MEDVOL_E_RANGE);
    bad.opacity = there.opacity = NAN;
    LAYER(MEDVOL_E_RANGE);
    bad.opacity = there.opacity = 1;
    bad.mode = there.mode = (mv_blend)27;
    LAYER(MEDVOL_E_RANGE);
    o.colour[2] = -0.1;
    LAYERS(MEDVOL_E_RANGE, &h, NULL, a.host, &d, NULL, a.device, 1);
    CHECK(d.data == NULL);
    CHECK_STATUS(mv_cuda_compose_layers(&gpu, &d, &back.device, a.host, 1, NULL), MEDVOL_E_POINTER);
    CHECK_STATUS(mv_cuda_compose_layers(&gpu, &d, &back.host, a.device, 1, NULL), MEDVOL_E_POINTER);
    snprintf(about, sizeof about, "captured");
    CHECK_SETTLED(mv_cuda_compose_layers(&gpu, &d, &back.device, a.device, 1, NULL), MEDVOL_OK);
    captured(&d, [&](mv_volume *v) { return mv_cuda_compose_layers(&gpu, v, &back.device, a.device, 1, NULL); },
             __LINE__);
    mv_cuda_volume_free(&gpu, &d);
    stack_free(&a), twin_free(&back), twin_free(&odd), twin_free(&wide), twin_free(&complex);
}

/* ---- contrast by tiles, histograms of others ---- */
static const mv_dtype real_types[] = {MEDVOL_U8,  MEDVOL_I8,  MEDVOL_U16, MEDVOL_I16, MEDVOL_U32, MEDVOL_I32,
                                      MEDVOL_U64, MEDVOL_I64, MEDVOL_F16, MEDVOL_BF16, MEDVOL_F32, MEDVOL_F64};
static int floats(mv_dtype t) {
    return t == MEDVOL_F16 || t == MEDVOL_BF16 || t == MEDVOL_F32 || t == MEDVOL_F64;
}
/* drawn bytes; floats within -40..60, some of few values, some not finite */
static void real_make(twin *t, mv_dtype type, const shape *s, int layout) {
    const size_t size = mv_dtype_size(type);
    twin_make(t, type, s, layout);
    for (size_t i = 0; floats(type) && i + size <= t->bytes; i += size) {
        double x = draw() % 3 ? uniform() * 100 - 40 : (double)(draw() % 50);
        if (draw() % 64 == 0) x = draw() % 2 ? (double)NAN : draw() % 2 ? HUGE_VAL : -HUGE_VAL;
        if (draw() % 16 == 0) x = -0.0;
        if (mv_convert_array(&cpu, t->block + i, type, &x, MEDVOL_F64, 1, 1.0, 0.0) < 0) check(0, "converted", __LINE__);
    }
    twin_place(t);
    if (layout == PLAIN) t->host.slope = t->device.slope = 1, t->host.inter = t->device.inter = 0;
    send(t);
}
static int alike(const unsigned char *a, const unsigned char *b, mv_dtype type) {
    double x, y;
    if (!memcmp(a, b, mv_dtype_size(type))) return 1;
    if (!floats(type)) return 0;
    mv_convert_array(&cpu, &x, MEDVOL_F64, a, type, 1, 1.0, 0.0);
    mv_convert_array(&cpu, &y, MEDVOL_F64, b, type, 1, 1.0, 0.0);
    return x != x && y != y; /* a NaN has many bits */
}
static void same_values(const mv_volume *want, const mv_cuda_volume *got, int line) {
    mv_convert_opt stored = mv_convert_opt();
    mv_volume b = mv_volume();
    stored.keep_scaling = 1;
    check(want->dtype == got->dtype && want->ndim == got->ndim && !memcmp(want->dim, got->dim, sizeof want->dim) &&
              !memcmp(want->affine, got->affine, sizeof want->affine) && want->slope == got->slope &&
              want->inter == got->inter,
          "type, shape, geometry, scaling", line);
    check_status(mv_cuda_download(&gpu, &b, got, MEDVOL_NONE, &stored), MEDVOL_OK, mv_cuda_message(&gpu), line);
    if (!b.data || !want->data) { check(0, "there are results", line); return; }
    const unsigned char *p = (const unsigned char *)b.data;
    const size_t size = mv_dtype_size(want->dtype);
    size_t bad = 0;
    each(want, [&](const unsigned char *q) { bad += !alike(p, q, want->dtype), p += size; });
    if (bad) printf("%s: %zu of %zu voxels differ\n", about, bad, mv_volume_count(want));
    check(bad == 0, "the same bits", line);
    if (!floats(want->dtype)) keep(b.data, mv_volume_count(&b) * size);
    mv_volume_free(&cpu, &b);
}
static void twin_end(twin *t) { /* in place, other types take other memory */
    if (t->device.owner) mv_cuda_volume_free(&gpu, &t->device);
    if (t->host.data != NULL && t->host.owner) mv_volume_free(&cpu, &t->host);
    twin_free(t);
}
static mv_clahe_opt tiles_of(int x, int y, double clip, int bins) {
    mv_clahe_opt o = mv_clahe_opt();
    o.tiles[0] = x, o.tiles[1] = y, o.clip = clip, o.bins = bins;
    return o;
}
static void clahe_check(twin *t, const mv_clahe_opt *o, int in_place, int line) {
    mv_volume h = mv_volume(), d = mv_volume();
    if (in_place) {
        check_status(mv_clahe(&cpu, &t->host, &t->host, o), MEDVOL_OK, cpu.error.text, line);
        settled_at(mv_cuda_clahe(&gpu, &t->device, &t->device, o), MEDVOL_OK, __FILE__, line);
        same_values(&t->host, &t->device, line);
        return;
    }
    check_status(mv_clahe(&cpu, &h, &t->host, o), MEDVOL_OK, cpu.error.text, line);
    settled_at(mv_cuda_clahe(&gpu, &d, &t->device, o), MEDVOL_OK, __FILE__, line);
    same_values(&h, &d, line);
    captured(&d, [&](mv_volume *v) { return mv_cuda_clahe(&gpu, v, &t->device, o); }, line);
    mv_volume_free(&cpu, &h), mv_cuda_volume_free(&gpu, &d);
}
static void test_clahe(void) {
    static const shape shapes[] = {{2, {61, 47}}, {3, {33, 21, 3}}, {1, {37}}, {4, {9, 5, 2, 2}}, {2, {1, 1}},
                                   {2, {300, 35}}, {3, {3, 130, 2}}};
    const mv_clahe_opt options[] = {tiles_of(0, 0, 0, 0), tiles_of(3, 2, 0.5, 255), tiles_of(1, 1, 40, 2),
                                    tiles_of(2, 0, HUGE_VAL, 1000)};
    for (int k = 0; k < 12; k++)
        for (int i = 0; i < 7; i++) {
            const int small = shapes[i].dim[0] < 3 || shapes[i].ndim == 1, wide = real_types[k] == MEDVOL_U16;
            const int pick = small ? 0 : wide ? 2 - (i & 1) : (i + k) % 4;
            twin t;
            if (wide ? i > 2 && !small : i != 1 && (i + k) % 2) continue; /* wide: 65536 bins a tile */
            snprintf(about, sizeof about, "%s, shape %d, options %d", mv_dtype_name(real_types[k]), i, pick);
            real_make(&t, real_types[k], &shapes[i], (i + k) % LAYOUTS);
            clahe_check(&t, &options[pick], 0, __LINE__);
            if (i < 2) clahe_check(&t, &options[pick], 1, __LINE__);
            twin_end(&t);
        }
}
/* many bins, a range, dark images of 16 bits, constant ones, large tiles, many slices */
static void test_clahe_ranges(void) {
    const shape plane = {2, {70, 53}}, stack = {3, {20, 18, 3}}, large = {2, {331, 220}};
    mv_clahe_opt o = tiles_of(2, 3, 3, 20000);
    twin t;
    snprintf(about, sizeof about, "bins");
    real_make(&t, MEDVOL_F32, &plane, VIEW);
    clahe_check(&t, &o, 0, __LINE__);
    o.bins = 65536, o.tiles[0] = 1, o.range[0] = -10.5, o.range[1] = 20;
    clahe_check(&t, &o, 0, __LINE__);
    o.bins = 77, o.range[0] = 3, o.range[1] = 3.5;
    clahe_check(&t, &o, 0, __LINE__);
    twin_end(&t);
    snprintf(about, sizeof about, "dark");
    twin_make(&t, MEDVOL_U16, &stack, SHIFTED);
    for (size_t i = 0; i + 2 <= t.bytes; i += 2) {
        const unsigned short v = (unsigned short)(8000 + draw() % 900);
        memcpy(t.block + i, &v, 2);
    }
    send(&t);
    o = tiles_of(2, 2, 0, 0);
    clahe_check(&t, &o, 0, __LINE__);
    twin_end(&t);
    snprintf(about, sizeof about, "constant, nothing but NaN");
    for (int nan = 0; nan < 2; nan++) {
        twin_make(&t, MEDVOL_F32, &stack, PLAIN);
        for (size_t i = 0; i + 4 <= t.bytes; i += 4) {
            const float v = nan ? (float)NAN : -2.5f;
            memcpy(t.block + i, &v, 4);
        }
        send(&t);
        clahe_check(&t, NULL, 0, __LINE__);
        twin_end(&t);
    }
    for (int k = 0; k < 2; k++) {
        snprintf(about, sizeof about, "a block of many threads, %d", k);
        real_make(&t, k ? MEDVOL_F32 : MEDVOL_U8, &large, PLAIN);
        o = tiles_of(1, 1, 0, 0);
        clahe_check(&t, &o, 0, __LINE__);
        twin_end(&t);
    }
}
static const mv_volume *other_of(const twin *t, int device) { return !t ? NULL : device ? &t->device : &t->host; }
static void match_check(twin *s, twin *r, twin *mask, twin *other, mv_dtype type, int in_place, int line) {
    mv_volume h = mv_volume(), d = mv_volume(), *hd = in_place ? &s->host : &h, *dd = in_place ? &s->device : &d;
    mv_match_opt o = mv_match_opt(), there;
    o.dtype = type;
    there = o;
    o.mask = other_of(mask, 0), o.reference_mask = other_of(other, 0);
    there.mask = other_of(mask, 1), there.reference_mask = other_of(other, 1);
    check_status(mv_match_histogram(&cpu, hd, &s->host, &r->host, &o), MEDVOL_OK, cpu.error.text, line);
    settled_at(mv_cuda_match_histogram(&gpu, dd, &s->device, &r->device, &there), MEDVOL_OK, __FILE__, line);
    same_values(hd, dd, line);
    if (!in_place && other)
        captured(&d, [&](mv_volume *v) { return mv_cuda_match_histogram(&gpu, v, &s->device, &r->device, &there); },
                 line);
    mv_volume_free(&cpu, &h), mv_cuda_volume_free(&gpu, &d);
}
static void mask_make(twin *t, mv_dtype type, const shape *s, int layout) { /* 0, below, above, NaN */
    twin_make(t, type, s, layout);
    for (size_t i = 0; i + mv_dtype_size(type) <= t->bytes; i += mv_dtype_size(type)) {
        const double x = draw() % 4 ? 1 + draw() % 9 : draw() % 3 ? 0 : draw() % 2 ? -2 : (double)NAN;
        if (mv_convert_array(&cpu, t->block + i, type, &x, MEDVOL_F64, 1, 1.0, 0.0) < 0) check(0, "converted", __LINE__);
    }
    send(t);
}
static void test_match(void) {
    static const shape shapes[] = {{2, {61, 47}}, {3, {33, 21, 3}}, {1, {37}}, {4, {9, 5, 2, 2}}, {2, {1, 1}},
                                   {3, {130, 70, 1}}};
    for (int k = 0; k < 12; k++)
        for (int i = 0; i < 6; i++) {
            const shape *sh = &shapes[i], *rh = &shapes[i == 5 ? 1 : (i + k) % 4];
            const mv_dtype of = real_types[(5 * k + i) % 12], to = i % 2 ? real_types[(7 * k + i) % 12] : MEDVOL_NONE;
            const int size = (int)mv_dtype_size(real_types[k]);
            twin s, r, m, n;
            if ((i + k) % 2 || spared()) continue;
            snprintf(about, sizeof about, "%s to %s, shape %d, as %d", mv_dtype_name(real_types[k]),
                     mv_dtype_name(of), i, (int)to);
            real_make(&s, real_types[k], sh, (i + k) % LAYOUTS), real_make(&r, of, rh, (i + 2 * k) % LAYOUTS);
            mask_make(&m, i % 3 ? MEDVOL_U8 : real_types[(k + i) % 12], sh, i % 2 ? PLAIN : VIEW);
            mask_make(&n, i % 3 != 1 ? MEDVOL_U8 : MEDVOL_F32, rh, k % 2 ? PLAIN : VIEW);
            if (i != 1) match_check(&s, &r, NULL, NULL, to, 0, __LINE__);
            if (i < 4) match_check(&s, &r, &m, k % 2 ? &n : NULL, to, 0, __LINE__);
            if (i < 2) match_check(&s, &r, i ? NULL : &m, &n, size == 4 && i ? MEDVOL_F32 : MEDVOL_NONE, 1, __LINE__);
            twin_end(&s), twin_end(&r), twin_end(&m), twin_end(&n);
        }
}
/* scalings that turn values round, fold them together, make them infinite; values of few kinds; -0 */
static void test_match_scaled(void) {
    static const double scalings[][2] = {{-2, 7}, {1e-9, 1}, {-1e-9, 1}, {1.5e36, 0}, {-1.5e36, 3}, {1, -1024}, {5e-8, 1}};
    const shape sh = {2, {50, 41}};
    for (int k = 0; k < 4; k++)
        for (int i = 0; i < 7; i++) {
            twin s, r;
            if (spared()) continue;
            snprintf(about, sizeof about, "%s, scaling %d", mv_dtype_name(real_types[k]), i);
            real_make(&s, real_types[k], &sh, PLAIN), real_make(&r, real_types[3 - k], &sh, VIEW);
            s.host.slope = s.device.slope = scalings[i][0], s.host.inter = s.device.inter = scalings[i][1];
            r.host.slope = r.device.slope = scalings[(i + k) % 7][0];
            r.host.inter = r.device.inter = scalings[(i + k) % 7][1];
            match_check(&s, &r, NULL, NULL, MEDVOL_F32, 0, __LINE__);
            if (i < 3) match_check(&r, &s, NULL, NULL, MEDVOL_NONE, 0, __LINE__);
            match_check(&s, &r, NULL, NULL, MEDVOL_NONE, 1, __LINE__);
            twin_end(&s), twin_end(&r);
        }
}
static void test_contrast_refused(void) {
    const shape s = {2, {9, 8}}, other = {2, {8, 9}};
    mv_volume h = mv_volume(), d = mv_volume();
    mv_clahe_opt o = mv_clahe_opt();
    mv_match_opt m = mv_match_opt(), there = m;
    twin a, b, f, c, odd, none;
    snprintf(about, sizeof about, "refused");
    real_make(&a, MEDVOL_U8, &s, PLAIN), real_make(&b, MEDVOL_U8, &other, PLAIN), real_make(&f, MEDVOL_F32, &s, PLAIN);
    twin_make(&c, MEDVOL_C64, &s, PLAIN), twin_make(&odd, MEDVOL_U8, &other, PLAIN), twin_make(&none, MEDVOL_U8, &s, PLAIN);
    memset(none.block, 0, none.bytes), send(&none);
#define CLAHE(status, hd, hs, dd, ds) REFUSED(status, mv_clahe(&cpu, hd, hs, &o), mv_cuda_clahe(&gpu, dd, ds, &o))
#define BAD(what, field, value) /* an option */                                                                   \
    o = mv_clahe_opt(), o.field = value;                                                                          \
    CLAHE(MEDVOL_E_RANGE, &h, &what.host, &d, &what.device)
    CLAHE(MEDVOL_E_NULL, NULL, &a.host, NULL, &a.device);
    CLAHE(MEDVOL_E_NULL, &h, NULL, &d, NULL);
    CLAHE(MEDVOL_E_DTYPE, &h, &c.host, &d, &c.device);
    CLAHE(MEDVOL_E_DTYPE, &f.host, &a.host, &f.device, &a.device);
    CLAHE(MEDVOL_E_SHAPE, &b.host, &a.host, &b.device, &a.device);
    BAD(a, tiles[0], 10);
    BAD(a, tiles[1], 9);
    BAD(a, tiles[1], -1);
    BAD(a, clip, -1.0);
    BAD(a, clip, (double)NAN);
    BAD(f, bins, 1);
    BAD(f, bins, 65537);
    BAD(a, range[0], 1.0);
    BAD(f, range[0], (double)NAN);
    o = mv_clahe_opt(), o.range[0] = -3e38, o.range[1] = 3e38; /* either is a float, their distance is not */
    CLAHE(MEDVOL_E_RANGE, &h, &f.host, &d, &f.device);
    CHECK_STATUS(mv_clahe(&cpu, &h, &a.host, &o), MEDVOL_OK);
    CHECK_SETTLED(mv_cuda_clahe(&gpu, &d, &a.device, &o), MEDVOL_OK);
    same_values(&h, &d, __LINE__);
    mv_volume_free(&cpu, &h), mv_cuda_volume_free(&gpu, &d);
    CHECK_STATUS(mv_cuda_clahe(&gpu, &d, &a.host, NULL), MEDVOL_E_POINTER);
    ((float *)(void *)f.block)[5] = -3e38f, ((float *)(void *)f.block)[6] = 3e38f;
    send(&f);
    CHECK_STATUS(mv_clahe(&cpu, &f.host, &f.host, NULL), MEDVOL_E_RANGE);
    CHECK_SETTLED(mv_cuda_clahe(&gpu, &f.device, &f.device, NULL), MEDVOL_E_RANGE);
    same_values(&f.host, &f.device, __LINE__); /* as they were */
#define MATCH(status, hd, hs, hr, dd, ds, dr)                                                                     \
    REFUSED(status, mv_match_histogram(&cpu, hd, hs, hr, &m), mv_cuda_match_histogram(&gpu, dd, ds, dr, &there))
    MATCH(MEDVOL_E_NULL, NULL, &a.host, &b.host, NULL, &a.device, &b.device);
    MATCH(MEDVOL_E_NULL, &h, NULL, &b.host, &d, NULL, &b.device);
    MATCH(MEDVOL_E_NULL, &h, &a.host, NULL, &d, &a.device, NULL);
    MATCH(MEDVOL_E_DTYPE, &h, &c.host, &b.host, &d, &c.device, &b.device);
    MATCH(MEDVOL_E_DTYPE, &h, &a.host, &c.host, &d, &a.device, &c.device);
    MATCH(MEDVOL_E_DTYPE, &c.host, &a.host, &b.host, &c.device, &a.device, &b.device);
    MATCH(MEDVOL_E_SHAPE, &odd.host, &a.host, &b.host, &odd.device, &a.device, &b.device);
    MATCH(MEDVOL_E_ALIAS, &b.host, &a.host, &b.host, &b.device, &a.device, &b.device);
    MATCH(MEDVOL_E_ALIAS, &a.host, &a.host, &a.host, &a.device, &a.device, &a.device);
    m.dtype = there.dtype = MEDVOL_C64;
    MATCH(MEDVOL_E_DTYPE, &h, &a.host, &b.host, &d, &a.device, &b.device);
    m.dtype = there.dtype = MEDVOL_NONE;
    m.mask = &odd.host, there.mask = &odd.device;
    MATCH(MEDVOL_E_SHAPE, &h, &a.host, &b.host, &d, &a.device, &b.device);
    m.mask = &c.host, there.mask = &c.device;
    MATCH(MEDVOL_E_DTYPE, &h, &a.host, &b.host, &d, &a.device, &b.device);
    m.mask = &none.host, there.mask = &none.device;
    MATCH(MEDVOL_E_ALIAS, &none.host, &a.host, &b.host, &none.device, &a.device, &b.device);
    m.reference_mask = &none.host, there.reference_mask = &none.device;
    MATCH(MEDVOL_E_SHAPE, &h, &a.host, &b.host, &d, &a.device, &b.device);
    m.reference_mask = NULL, there.reference_mask = NULL;
    for (int k = 0; k < 3; k++) { /* nothing counts */
        twin *t = k == 1 ? &f : &a, *r = k == 2 ? &f : &b;
        if (k == 2) {
            for (size_t i = 0; i + 4 <= f.bytes; i += 4) memset(f.block + i, 0xff, 4);
            send(&f);
            m.mask = NULL, there.mask = NULL;
        }
        CHECK_STATUS(mv_match_histogram(&cpu, &t->host, &t->host, &r->host, &m), MEDVOL_E_EMPTY);
        CHECK_SETTLED(mv_cuda_match_histogram(&gpu, &t->device, &t->device, &r->device, &there), MEDVOL_E_EMPTY);
        same_values(&t->host, &t->device, __LINE__);
    }
    CHECK_STATUS(mv_cuda_match_histogram(&gpu, &d, &a.device, &b.host, NULL), MEDVOL_E_POINTER);
    CHECK(d.data == NULL);
    twin_end(&a), twin_end(&b), twin_end(&f), twin_end(&c), twin_end(&odd), twin_end(&none);
}
static void test_contrast_scratch(void) {
    const shape s = {2, {150, 100}};
    const double P = 150 * 100;
    static const mv_dtype kind[4] = {MEDVOL_U8, MEDVOL_U16, MEDVOL_F32, MEDVOL_F64};
    static const double curves[4] = {256, 2 * 65536, 8 * 65536, 8 * 65536};
    for (int k = 0; k < 4; k++) {
        mv_cuda_volume d;
        twin a, b;
        twin_make(&a, kind[k], &s, PLAIN), twin_make(&b, kind[k], &s, VIEW);
        each(&a.host, [&](unsigned char *p) {
            const double x = draw() % 200;
            mv_convert_array(NULL, p, kind[k], &x, MEDVOL_F64, 1, 1.0, 0.0);
        });
        send(&a);
        CHECK_STATUS(mv_volume_copy(&cpu, &b.host, &a.host), MEDVOL_OK);
        send(&b);
        memset(&d, 0, sizeof d);
        if (k < 3) NEEDS(0, 64 * curves[k] + 2048, mv_cuda_clahe(c, &b.device, &a.device, NULL));
        NEEDS(0, (3 << 20) + (k > 1 ? 16.25 : 1) * P, mv_cuda_match_histogram(c, &d, &a.device, &b.device, NULL));
        mv_cuda_volume_free(&gpu, &d);
        twin_free(&a), twin_free(&b);
    }
}
static void test_contrast_limits(void) {
    const size_t side = ((size_t)1 << 30) + 1;
    mv_clahe_opt o;
    memset(&o, 0, sizeof o);
    snprintf(about, sizeof about, "limits");
    AFAR {
        const mv_volume line = afar(MEDVOL_U8, side, 4), plane = afar(MEDVOL_U8, 65536, 65536), some = afar(MEDVOL_U8, 8, 8);
        mv_volume d = afar(MEDVOL_U8, side, 4), e = afar(MEDVOL_U8, 65536, 65536), f = afar(MEDVOL_U8, 8, 8);
        CHECK_STATUS(mv_cuda_clahe(&gpu, &d, &line, &o), MEDVOL_E_UNSUPPORTED);
        o.tiles[0] = o.tiles[1] = 1;
        CHECK_STATUS(mv_cuda_clahe(&gpu, &e, &plane, &o), MEDVOL_E_UNSUPPORTED);
        CHECK_STATUS(mv_cuda_match_histogram(&gpu, &e, &plane, &some, NULL), MEDVOL_E_UNSUPPORTED);
        CHECK_STATUS(mv_cuda_match_histogram(&gpu, &f, &some, &plane, NULL), MEDVOL_E_UNSUPPORTED);
    }
}
SUITE(layer, {"blend", test_blend}, {"limits", test_contrast_limits}, {"scratch", test_contrast_scratch}, {"layers", test_layers}, {"refused", test_layers_refused}, {"clahe", test_clahe},
      {"clahe_ranges", test_clahe_ranges}, {"match", test_match}, {"match_scaled", test_match_scaled},
      {"contrast_refused", test_contrast_refused});

/* ---- flow: textures of waves, seen through a displacement ---- */
struct scene {
    twin fixed, moving, start;
    double amount, dx, dy, dz, turn; /* of moving(p + u) = fixed(p): in voxels */
};
static double wave(double x, double y, double z, size_t channel) {
    const double c = 0.4 * (double)channel;
    return 60 * sin(0.31 * x + 0.17 * y + c) + 45 * cos(0.23 * y - 0.29 * x + 0.37 * z + 2 * c) +
           30 * sin(0.53 * x) * cos(0.47 * y + 0.21 * z) + 20 * sin(0.11 * (x * y) / 8.0 + 0.3 * z);
}
static void put(const mv_volume *v, size_t x, size_t y, size_t z, size_t c, double value) {
    const size_t at = x + y * (size_t)v->stride[1] + (v->ndim > 2 ? z * (size_t)v->stride[2] : 0) +
                      (v->ndim > 4 ? c * (size_t)v->stride[4] : 0);
    (void)mv_convert_array(NULL, (unsigned char *)v->data + at * mv_dtype_size(v->dtype), v->dtype, &value,
                           MEDVOL_F64, 1, 1.0, 0.0);
}
/* a volume of waves, drawn where voxel (x, y, z) of it lies in the fixed image's voxels */
template <class F> static void paint(twin *t, mv_dtype type, const shape *s, int layout, double mm, F place) {
    const size_t n[5] = {s->dim[0], s->ndim > 1 ? s->dim[1] : 1, s->ndim > 2 ? s->dim[2] : 1, 1,
                         s->ndim > 4 ? s->dim[4] : 1};
    twin_make(t, type, s, layout);
    for (int k = 0; k < 3; k++) t->host.affine[5 * k] = k < 2 || n[2] > 1 ? mm * (1.0 + 0.01 * k) : 1.0;
    t->host.affine[3] = 5, t->host.affine[7] = -3;
    memcpy(t->device.affine, t->host.affine, sizeof t->host.affine);
    for (size_t c = 0; c < n[4]; c++)
        for (size_t z = 0; z < n[2]; z++)
            for (size_t y = 0; y < n[1]; y++)
                for (size_t x = 0; x < n[0]; x++) {
                    double p[3] = {(double)x, (double)y, (double)z};
                    place(p);
                    put(&t->host, x, y, z, c, 300.0 + wave(p[0], p[1], p[2], c));
                }
    send(t);
}
/* the largest and the mean distance of two fields, in voxels; a tenth of it may be far */
static void near_fields(const mv_volume *want, const mv_cuda_volume *got, double most, double usual, int line) {
    mv_volume a, b;
    double worst = 0, sum = 0;
    size_t i, n, far_off = 0;
    memset(&a, 0, sizeof a), memset(&b, 0, sizeof b);
    check(want->ndim == got->ndim && !memcmp(want->dim, got->dim, sizeof want->dim) && got->dtype == MEDVOL_F32 &&
              !memcmp(want->affine, got->affine, sizeof want->affine) && got->slope == 1.0,
          "type, shape, geometry", line);
    check_status(mv_cuda_download(&gpu, &b, got, MEDVOL_F32, NULL), MEDVOL_OK, mv_cuda_message(&gpu), line);
    check_status(mv_convert(&cpu, &a, want, MEDVOL_F32, NULL), MEDVOL_OK, "convert", line);
    n = a.data && b.data ? mv_volume_count(&a) : 0;
    keep(b.data, n * 4);
    for (i = 0; i < n; i++) {
        const double d = fabs((double)((float *)a.data)[i] - (double)((float *)b.data)[i]) / want->affine[0];
        worst = d > worst || d != d ? d : worst;
        far_off += !(d <= most);
        sum += d;
    }
    if (getenv("FAR") || !(far_off <= n / 100 && sum <= usual * (double)n))
        printf("%s: %.2g voxels apart, %zu of %zu over %g, %.2g in the mean\n", about, worst, far_off, n, most,
               sum / (double)n);
    check(n > 0 && far_off <= n / 100 && sum <= usual * (double)n, "the same field", line); /* a patch may part */
    mv_volume_free(&cpu, &a), mv_volume_free(&cpu, &b);
}
static void both_flows(const twin *fixed, const twin *moving, const mv_flow_opt *o, const twin *start, double most,
                       int line) {
    mv_flow_opt host, device;
    mv_register_report a, b;
    mv_volume h, d;
    memset(&h, 0, sizeof h), memset(&d, 0, sizeof d), memset(&host, 0, sizeof host);
    if (o) host = *o;
    device = host;
    if (start) host.start = &start->host, device.start = &start->device;
    host.control.report = &a, device.control.report = &b;
    check_status(mv_flow(&cpu, &h, &fixed->host, &moving->host, &host), MEDVOL_OK, cpu.error.text, line);
    check_status(mv_cuda_flow(&gpu, &d, &fixed->device, &moving->device, &device), MEDVOL_OK, mv_cuda_message(&gpu),
                 line);
    if (h.data && d.data) near_fields(&h, &d, most, 0.002, line);
    if (getenv("FAR"))
        printf("  %d %d | %d %d | %d %d | %.4g %.4g | %.4g %.4g | %.4g %.4g | %zu %zu\n", a.stop, b.stop, a.level,
               b.level, a.iterations[a.level], b.iterations[a.level], a.first, b.first, a.energy, b.energy, a.update,
               b.update, a.folded, b.folded);
    check(a.stop == b.stop && a.levels == b.levels && a.level == b.level &&
              !memcmp(a.iterations, b.iterations, sizeof a.iterations) && a.folded == b.folded,
          "the report", line);
    check(fabs(a.energy - b.energy) <= 1e-3 * fabs(a.first) + 1e-6 && fabs(a.first - b.first) <= 1e-3 * fabs(a.first) + 1e-6 &&
              fabs(a.update - b.update) <= 0.02,
          "energies", line);
    mv_volume_free(&cpu, &h), mv_cuda_volume_free(&gpu, &d);
}
static const shape planes[] = {{2, {73, 57}}, {2, {130, 66}}, {2, {31, 40}}, {5, {64, 48, 1, 1, 3}}, {2, {7, 5}},
                               {2, {1, 9}}, {2, {1, 1}}, {1, {33}}, {3, {45, 19, 1}}};
static void test_plane(void) {
    static const mv_dtype types[] = {MEDVOL_F32, MEDVOL_U16, MEDVOL_I16, MEDVOL_F64};
    for (int i = 0; i < 9; i++)
        for (int k = 0; k < (i < 2 ? 5 : 2); k++) {
            const double turn = 0.02 * k, dx = 1.3 - 0.4 * k, dy = 0.7 * k - 1.1;
            mv_flow_opt o;
            twin f, m;
            if (spared()) continue;
            memset(&o, 0, sizeof o);
            snprintf(about, sizeof about, "plane %d, %d", i, k);
            paint(&f, types[k % 4], &planes[i], k % LAYOUTS, 1.5, [](double *) {});
            paint(&m, types[(k + i) % 4], &planes[i], (k + 1) % LAYOUTS, 1.5, [&](double *p) {
                const double x = p[0] - dx, y = p[1] - dy;
                p[0] = x + turn * y, p[1] = y - turn * x;
            });
            if (k == 1) o.preset = MEDVOL_FLOW_FAST, o.gain = 1;
            if (k == 2) o.preset = MEDVOL_FLOW_ACCURATE, o.patch = 16, o.control.levels = 2;
            if (k == 3) o.refine = -1, o.stride = 5;
            if (k == 4) o.refine = 9, o.control.tolerance = 0.05, o.finest = 2;
            both_flows(&f, &m, k ? &o : NULL, NULL, 0.05, __LINE__);
            twin_free(&f), twin_free(&m);
        }
}
static void test_space(void) {
    static const shape shapes[] = {{3, {33, 28, 21}}, {3, {16, 9, 5}}, {3, {40, 17, 34}}};
    for (int i = 0; i < 3; i++)
        for (int k = 0; k < 2; k++) {
            mv_flow_opt o;
            twin f, m;
            memset(&o, 0, sizeof o);
            snprintf(about, sizeof about, "space %d, %d", i, k);
            paint(&f, k ? MEDVOL_U16 : MEDVOL_F32, &shapes[i], k, 2.0, [](double *) {});
            paint(&m, MEDVOL_F32, &shapes[i], VIEW, 2.0,
                  [&](double *p) { p[0] -= 1.2, p[1] += 0.8 + 0.02 * p[2], p[2] -= 0.6; });
            if (k) o.gain = 1, o.finest = 2, o.stride = 3, o.control.iterations = 5;
            both_flows(&f, &m, &o, NULL, 0.05, __LINE__);
            twin_free(&f), twin_free(&m);
        }
}
/* shifts of whole pixels and of parts, rotations: what is known beforehand, away from the borders */
static void test_known(void) {
    const shape plane = {2, {96, 80}}, cube = {3, {44, 40, 36}};
    for (int k = 0; k < 6; k++) {
        const int deep = k > 3;
        const double s[3] = {k % 2 ? 2.0 : -1.37, k % 3 - 0.6, deep ? 1.3 : 0}, turn = k == 3 ? 0.03 : 0, mm = 1.7;
        twin f, m;
        mv_cuda_volume d;
        mv_volume h;
        size_t n, far = 0, all = 0, i = 0;
        memset(&d, 0, sizeof d);
        snprintf(about, sizeof about, "known %d", k);
        paint(&f, MEDVOL_F32, deep ? &cube : &plane, PLAIN, mm, [](double *) {});
        /* moving(p + u) = fixed(p), u = s + turn (p - c) turned by 90 degrees */
        const auto there = [&](const double *p, double *q) {
            q[0] = p[0] + s[0] - turn * (p[1] - 40), q[1] = p[1] + s[1] + turn * (p[0] - 48), q[2] = p[2] + s[2];
        };
        paint(&m, MEDVOL_F32, deep ? &cube : &plane, PLAIN, mm, [&](double *p) {
            const double x = p[0] - s[0] - 48, y = p[1] - s[1] - 40, e = 1 + turn * turn;
            p[0] = 48 + (x + turn * y) / e, p[1] = 40 + (y - turn * x) / e, p[2] -= s[2];
        });
        CHECK_SETTLED(mv_cuda_flow(&gpu, &d, &f.device, &m.device, NULL), MEDVOL_OK);
        memset(&h, 0, sizeof h);
        CHECK_STATUS(mv_cuda_download(&gpu, &h, &d, MEDVOL_F32, NULL), MEDVOL_OK);
        const float *u = (const float *)h.data;
        n = u ? mv_volume_count(&h) / h.dim[4] : 0;
        const size_t dim[3] = {d.dim[0], d.dim[1], d.dim[2]};
        for (size_t z = 0; u && z < dim[2]; z++)
            for (size_t y = 0; y < dim[1]; y++)
                for (size_t x = 0; x < dim[0]; x++, i++) {
                    const double p[3] = {(double)x, (double)y, (double)z};
                    double q[3];
                    if (x < 10 || y < 10 || x + 10 >= dim[0] || y + 10 >= dim[1]) continue;
                    if (deep && (z < 10 || z + 10 >= dim[2])) continue;
                    there(p, q);
                    all++;
                    for (int r = 0; r < (deep ? 3 : 2); r++) /* mm, by the affine of the fixed image */
                        if (!(fabs((double)u[i + (size_t)r * n] / d.affine[5 * r] - (q[r] - p[r])) < (deep ? 0.3 : 0.15))) {
                            far++;
                            break;
                        }
                }
        if (far * 50 > all) printf("%s: %zu of %zu voxels\n", about, far, all);
        CHECK(all > 1000 && far * 50 <= all);
        keep(u, (deep ? 3 : 2) * n * 4);
        mv_volume_free(&cpu, &h), mv_cuda_volume_free(&gpu, &d), twin_free(&f), twin_free(&m);
    }
}
/* turned and flipped affines, images on other grids, fields to begin with, holes, no contrast, views */
static void test_worlds(void) {
    const shape plane = {2, {61, 52}}, cube = {3, {24, 21, 19}}, wide = {2, {70, 45}}, deep = {3, {20, 25, 17}};
    for (int k = 0; k < 8; k++) {
        const int flat = k % 2 == 0;
        mv_flow_opt o;
        twin f, m, s;
        memset(&o, 0, sizeof o);
        snprintf(about, sizeof about, "world %d", k);
        paint(&f, MEDVOL_F32, flat ? &plane : &cube, k % LAYOUTS, 1.5, [](double *) {});
        const int other = k == 2 || k == 5;
        paint(&m, k == 5 ? MEDVOL_I16 : MEDVOL_F32, other ? flat ? &wide : &deep : flat ? &plane : &cube, PLAIN, 1.5,
              [&](double *p) { p[0] -= 0.9, p[1] += 0.6, p[2] -= 0.3; });
        if (other) {
            m.host.affine[3] += 2.1, m.host.affine[7] -= 1.3, m.host.affine[0] *= 1.1;
            m.host.affine[1] = 0.05;
        } else if (k < 4) {
            const double a = 0.4 + k, x = f.host.affine[0];
            f.host.affine[0] = x * cos(a), f.host.affine[1] = -x * sin(a);
            f.host.affine[4] = x * sin(a), f.host.affine[5] = x * cos(a);
            if (k == 1) f.host.affine[10] *= -1;
            memcpy(m.host.affine, f.host.affine, sizeof m.host.affine);
        }
        memcpy(m.device.affine, m.host.affine, sizeof m.host.affine);
        memcpy(f.device.affine, f.host.affine, sizeof f.host.affine);
        if (k == 6 || k == 7) { /* holes: single ones, ends of rows, a row, a plane's first row */
            twin *const t = k == 6 ? &f : &m;
            float *v = (float *)t->host.data;
            const ptrdiff_t sy = t->host.stride[1];
            v[7] = (float)NAN, v[0] = (float)INFINITY, v[3 * sy] = v[3 * sy + 1] = -2e37f;
            for (size_t x = 0; x < t->host.dim[0]; x++) {
                v[4 * sy + (ptrdiff_t)x] = v[5 * sy + (ptrdiff_t)x] = (float)NAN;
                if (k == 7) v[2 * t->host.stride[2] + (ptrdiff_t)x] = (float)NAN;
                if (k == 6) v[2 * sy + (ptrdiff_t)x] *= 8.0f; /* not the row that fills the holes */
            }
            send(t);
        }
        { /* a start of any type, also a view */
            const shape like = {5, {f.host.dim[0], f.host.dim[1], flat ? 1 : f.host.dim[2], 1, flat ? 2u : 3u}};
            twin_make(&s, k == 4 ? MEDVOL_F64 : MEDVOL_F32, &like, k % LAYOUTS);
            each(&s.host, [&](unsigned char *p) {
                const double x = 1.0 + uniform();
                (void)mv_convert_array(NULL, p, s.host.dtype, &x, MEDVOL_F64, 1, 1.0, 0.0);
            });
            memcpy(s.host.affine, f.host.affine, sizeof s.host.affine);
            memcpy(s.device.affine, f.host.affine, sizeof s.host.affine);
            send(&s);
        }
        o.finest = k == 3 ? 3 : 0;
        both_flows(&f, &m, &o, k >= 3 && k <= 5 ? &s : NULL, 0.05, __LINE__);
        twin_free(&f), twin_free(&m), twin_free(&s);
    }
    { /* without contrast the field stays as it began: into a view, in mm */
        const shape like = {5, {61, 52, 1, 1, 2}};
        twin f, s, to;
        mv_flow_opt o;
        memset(&o, 0, sizeof o);
        snprintf(about, sizeof about, "no contrast");
        paint(&f, MEDVOL_F32, &plane, PLAIN, 1.5, [](double *p) { p[0] = p[1] = p[2] = 0; });
        twin_make(&s, MEDVOL_F32, &like, PLAIN), twin_make(&to, MEDVOL_F32, &like, VIEW);
        for (size_t i = 0; i + 4 <= s.bytes; i += 4) { const float v = 1.25f; memcpy(s.block + i, &v, 4); }
        memcpy(s.device.affine, f.host.affine, sizeof s.device.affine);
        send(&s);
        o.start = &s.device;
        CHECK_SETTLED(mv_cuda_flow(&gpu, &to.device, &f.device, &f.device, &o), MEDVOL_OK);
        memcpy(s.host.affine, f.host.affine, sizeof s.host.affine);
        near_fields(&s.host, &to.device, 1e-5, 1e-5, __LINE__);
        twin_free(&f), twin_free(&s), twin_free(&to);
    }
}
static int told, stop_after, stopped;
static int on_step(void *user, const mv_register_step *step) {
    CHECK(user == &told && step->iteration >= 1 && step->energy > 0.0 && step->update > 0.0);
    if (++told < stop_after) return 0;
    told = 0, stopped++;
    return 1;
}
static void test_control(void) {
    const shape plane = {2, {70, 60}};
    twin f, m;
    paint(&f, MEDVOL_F32, &plane, PLAIN, 1.5, [](double *) {});
    paint(&m, MEDVOL_F32, &plane, PLAIN, 1.5, [](double *p) { p[0] -= 1.4; });
    for (int k = 1; k < 5; k++) {
        mv_flow_opt o;
        memset(&o, 0, sizeof o);
        snprintf(about, sizeof about, "stopped after %d", k);
        o.control.step = on_step, o.control.user = &told;
        o.refine = 3, o.control.tolerance = 1e-6;
        stop_after = k, told = stopped = 0;
        both_flows(&f, &m, &o, NULL, 0.05, __LINE__);
        CHECK(stopped == 2 && told == 0); /* each of both */
        if (k == 1) {
            o.control.step = NULL, o.control.seconds = 1e-9;
            both_flows(&f, &m, &o, NULL, 0.05, __LINE__);
        }
    }
    { /* a result of more axes, of 1: what folds is counted too */
        const size_t dim[7] = {70, 60, 1, 1, 2, 1, 1};
        mv_register_report rep;
        mv_flow_opt o;
        twin to;
        memset(&o, 0, sizeof o);
        snprintf(about, sizeof about, "seven axes");
        o.control.report = &rep;
        twin_make(&to, MEDVOL_F32, 7, dim, PLAIN);
        CHECK_STATUS(mv_flow(&cpu, &to.host, &f.host, &m.host, &o), MEDVOL_OK);
        CHECK_SETTLED(mv_cuda_flow(&gpu, &to.device, &f.device, &m.device, &o), MEDVOL_OK);
        near_fields(&to.host, &to.device, 0.05, 0.002, __LINE__);
        twin_free(&to);
    }
    twin_free(&f), twin_free(&m);
}
static void test_flow_refused(void) {
    const shape s = {2, {20, 18}}, d3 = {3, {12, 11, 10}}, two = {5, {20, 18, 1, 1, 2}}, five = {5, {20, 18, 1, 1, 5}},
                series = {4, {20, 18, 1, 2}}, deep2 = {5, {12, 11, 10, 1, 2}};
    mv_flow_opt o, od;
    mv_volume h, d, other, there;
    twin f, m, v, c2, c5, t4, cx, w2, st;
    memset(&h, 0, sizeof h), memset(&d, 0, sizeof d), memset(&o, 0, sizeof o);
    od = o;
    snprintf(about, sizeof about, "refused");
    paint(&f, MEDVOL_F32, &s, PLAIN, 1.5, [](double *) {}), paint(&m, MEDVOL_F32, &s, PLAIN, 1.5, [](double *) {});
    paint(&v, MEDVOL_F32, &d3, PLAIN, 1.5, [](double *) {}), paint(&c2, MEDVOL_F32, &two, PLAIN, 1.5, [](double *) {});
    paint(&c5, MEDVOL_F32, &five, PLAIN, 1.5, [](double *) {}), twin_make(&t4, MEDVOL_F32, &series, PLAIN);
    twin_make(&cx, MEDVOL_C64, &s, PLAIN), paint(&w2, MEDVOL_F32, &deep2, PLAIN, 1.5, [](double *) {});
    paint(&st, MEDVOL_F32, &two, PLAIN, 1.5, [](double *) {});
#define FLOW(status, hd, hf, hm, dd, df, dm) \
    REFUSED(status, mv_flow(&cpu, hd, hf, hm, &o), mv_cuda_flow(&gpu, dd, df, dm, &od))
#define PAIR(status, a, b) FLOW(status, &h, &a.host, &b.host, &d, &a.device, &b.device)
    FLOW(MEDVOL_E_NULL, NULL, &f.host, &m.host, NULL, &f.device, &m.device);
    FLOW(MEDVOL_E_NULL, &h, NULL, &m.host, &d, NULL, &m.device);
    FLOW(MEDVOL_E_NULL, &h, &f.host, NULL, &d, &f.device, NULL);
    PAIR(MEDVOL_E_DTYPE, cx, m);
    PAIR(MEDVOL_E_DTYPE, f, cx);
    PAIR(MEDVOL_E_SHAPE, f, v);
    PAIR(MEDVOL_E_SHAPE, f, c2);
    PAIR(MEDVOL_E_SHAPE, c5, c5);
    PAIR(MEDVOL_E_SHAPE, w2, w2);
    PAIR(MEDVOL_E_SHAPE, t4, t4);
    other = f.host, there = f.device;
    other.affine[0] = there.affine[0] = 0;
    FLOW(MEDVOL_E_SINGULAR, &h, &other, &m.host, &d, &there, &m.device);
    other.affine[0] = there.affine[0] = 1e31;
    FLOW(MEDVOL_E_SINGULAR, &h, &other, &m.host, &d, &there, &m.device);
    other.affine[0] = there.affine[0] = 1.5, other.affine[8] = there.affine[8] = 0.1;
    FLOW(MEDVOL_E_SHAPE, &h, &other, &m.host, &d, &there, &m.device);
#define OPTION(field, value, status)                         \
    do {                                                     \
        o.field = value, od.field = value;                   \
        PAIR(status, f, m);                                  \
        memset(&o, 0, sizeof o), memset(&od, 0, sizeof od);  \
    } while (0)
    OPTION(method, (mv_flow_method)3, MEDVOL_E_RANGE);
    OPTION(preset, (mv_flow_preset)3, MEDVOL_E_RANGE);
    OPTION(finest, 17, MEDVOL_E_RANGE);
    OPTION(patch, 9, MEDVOL_E_RANGE);
    OPTION(stride, 9, MEDVOL_E_RANGE);
    OPTION(stride, -1, MEDVOL_E_RANGE);
    OPTION(alpha, -1, MEDVOL_E_RANGE);
    OPTION(alpha, NAN, MEDVOL_E_RANGE);
    OPTION(gamma, 1e7, MEDVOL_E_RANGE);
    OPTION(delta, 1e7, MEDVOL_E_RANGE);
    OPTION(warps, -1, MEDVOL_E_RANGE);
    OPTION(lambda, -1, MEDVOL_E_RANGE);
    OPTION(theta, 1e-4, MEDVOL_E_RANGE);
    OPTION(tau, 0.3, MEDVOL_E_RANGE);
    OPTION(poly_n, 4, MEDVOL_E_RANGE);
    OPTION(window, 65, MEDVOL_E_RANGE);
    OPTION(poly_sigma, 0.1, MEDVOL_E_RANGE);
    OPTION(control.levels, 17, MEDVOL_E_RANGE);
    OPTION(control.iterations, -1, MEDVOL_E_RANGE);
    OPTION(control.seconds, -1, MEDVOL_E_RANGE);
    o.patch = od.patch = 16;
    PAIR(MEDVOL_E_RANGE, v, v);
    memset(&o, 0, sizeof o), memset(&od, 0, sizeof od);
    o.start = &f.host, od.start = &f.device;
    PAIR(MEDVOL_E_SHAPE, f, m);
    o.start = &cx.host, od.start = &cx.device;
    PAIR(MEDVOL_E_DTYPE, f, m);
    other = st.host, there = st.device;
    other.affine[3] += 1, there.affine[3] += 1;
    o.start = &other, od.start = &there;
    PAIR(MEDVOL_E_SHAPE, f, m);
    o.start = &st.host, od.start = &st.device;
    FLOW(MEDVOL_E_ALIAS, &st.host, &f.host, &m.host, &st.device, &f.device, &m.device);
    memset(&o, 0, sizeof o), memset(&od, 0, sizeof od);
    FLOW(MEDVOL_E_SHAPE, &c5.host, &f.host, &m.host, &c5.device, &f.device, &m.device);
    FLOW(MEDVOL_E_ALIAS, &c2.host, &c2.host, &c2.host, &c2.device, &c2.device, &c2.device);
    od.start = &st.host;
    CHECK_STATUS(mv_cuda_flow(&gpu, &d, &f.device, &m.device, &od), MEDVOL_E_POINTER);
    od.start = NULL;
    CHECK_STATUS(mv_cuda_flow(&gpu, &d, &f.host, &m.device, &od), MEDVOL_E_POINTER);
    CHECK_STATUS(mv_cuda_flow(&gpu, &d, &f.device, &m.host, &od), MEDVOL_E_POINTER);
    for (int k = 1; k < 3; k++) {
        od.method = (mv_flow_method)k;
        CHECK_STATUS(mv_cuda_flow(&gpu, &d, &f.device, &m.device, &od), MEDVOL_E_UNSUPPORTED);
    }
    CHECK(d.data == NULL && h.data == NULL);
    twin_free(&f), twin_free(&m), twin_free(&v), twin_free(&c2), twin_free(&c5), twin_free(&t4), twin_free(&cx);
    twin_free(&w2), twin_free(&st);
}
static void test_flow_capture(void) {
    const shape plane = {2, {50, 40}}, cube = {3, {19, 17, 18}}, other = {2, {44, 47}};
    for (int k = 0; k < 3; k++) {
        mv_flow_opt o;
        mv_register_report rep;
        mv_cuda_volume d;
        twin f, m;
        memset(&d, 0, sizeof d), memset(&o, 0, sizeof o);
        snprintf(about, sizeof about, "captured %d", k);
        paint(&f, MEDVOL_F32, k == 1 ? &cube : &plane, PLAIN, 1.5, [](double *) {});
        paint(&m, MEDVOL_U16, k == 1 ? &cube : k ? &other : &plane, PLAIN, 1.5, [](double *p) { p[0] -= 1.4; });
        CHECK_SETTLED(mv_cuda_flow(&gpu, &d, &f.device, &m.device, &o), MEDVOL_OK);
        captured(&d, [&](mv_volume *v) { return mv_cuda_flow(&gpu, v, &f.device, &m.device, &o); }, __LINE__);
        o.control.report = &rep;
        CHECK_UNCAPTURED(mv_cuda_flow(&gpu, &d, &f.device, &m.device, &o), MEDVOL_E_BUSY);
        mv_cuda_volume_free(&gpu, &d), twin_free(&f), twin_free(&m);
    }
}
static void test_flow_scratch(void) {
    const shape plane = {2, {96, 80}}, cube = {3, {40, 36, 32}};
    for (int k = 0; k < 4; k++) {
        const double voxels = k < 2 ? 96 * 80 : 40 * 36 * 32, rest = k < 2 ? 13.0 / (k ? 4 : 1) : 6.2 / (k > 2 ? 8 : 1);
        mv_flow_opt o;
        mv_cuda_volume d;
        twin f, m;
        memset(&o, 0, sizeof o), memset(&d, 0, sizeof d);
        o.finest = k % 2 ? 2 : 0;
        paint(&f, MEDVOL_F32, k < 2 ? &plane : &cube, PLAIN, 1.5, [](double *) {});
        paint(&m, MEDVOL_F32, k < 2 ? &plane : &cube, PLAIN, 1.5, [](double *p) { p[0] -= 1.4; });
        NEEDS(4 * voxels, 4 * voxels * (2.7 + rest) + 16384, mv_cuda_flow(c, &d, &f.device, &m.device, &o));
        mv_cuda_volume_free(&gpu, &d), twin_free(&f), twin_free(&m);
    }
}
static void test_flow_limits(void) { /* voxels, rows, planes */
    static const size_t sizes[3][3] = {{65536, 32768, 1}, {16, 524281, 1}, {16, 16, 65536}};
    AFAR
        for (int k = 0; k < 3; k++) {
            const mv_volume a = afar(MEDVOL_U8, sizes[k][0], sizes[k][1], sizes[k][2]),
                            b = afar(MEDVOL_U8, sizes[k][0], sizes[k][1], sizes[k][2]);
            mv_volume d = afar(MEDVOL_F32, sizes[k][0], sizes[k][1], sizes[k][2], 1, sizes[k][2] > 1 ? 3 : 2);
            snprintf(about, sizeof about, "%zux%zux%zu", sizes[k][0], sizes[k][1], sizes[k][2]);
            CHECK_STATUS(mv_cuda_flow(&gpu, &d, &a, &b, NULL), MEDVOL_E_UNSUPPORTED);
        }
}
SUITE(flow, {"plane", test_plane}, {"limits", test_flow_limits}, {"scratch", test_flow_scratch}, {"space", test_space}, {"known", test_known}, {"worlds", test_worlds},
      {"control", test_control}, {"refused", test_flow_refused}, {"capture", test_flow_capture});
