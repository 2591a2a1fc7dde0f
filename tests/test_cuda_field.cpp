/* test_cuda_field.cpp - [FILTER] and [FIELD] of medvol_cuda.h beside medvol.h: Gaussians, means, pyramids; warps,
   chains, algebra of displacements. */
#include "cuda_test.h"

static const shape shapes[] = {{1, {1}},          {1, {131}},        {2, {33, 35}},    {3, {31, 3, 33}},
                               {3, {70, 33, 5}},  {2, {1, 67}},      {3, {1, 1, 37}},  {4, {9, 8, 6, 2}},
                               {5, {5, 1, 4, 2, 3}}, {3, {64, 32, 2}}, {3, {3, 66, 9}}};
enum { SHAPES = sizeof shapes / sizeof *shapes };
static const mv_dtype types[] = {MEDVOL_F32, MEDVOL_U8,  MEDVOL_I8,  MEDVOL_U16, MEDVOL_I16, MEDVOL_U32,
                                 MEDVOL_I32, MEDVOL_U64, MEDVOL_I64, MEDVOL_F16, MEDVOL_BF16, MEDVOL_F64};
enum { TYPES = sizeof types / sizeof *types };

/* values of -200..200, as far as the type has them */
static void tame(twin *t) {
    const size_t size = mv_dtype_size(t->host.dtype);
    size_t i;
    for (i = 0; i + size <= t->bytes; i += size) {
        const double x = floor((uniform() - 0.5) * 400.0);
        (void)mv_convert_array(NULL, t->block + i, t->host.dtype, &x, MEDVOL_F64, 1, 1.0, 0.0);
    }
    send(t);
}
static void made(twin *t, mv_dtype type, const shape *s, int layout) {
    twin_make(t, type, s, layout);
    twin_place(t);
    tame(t);
}
static void same_geometry(const mv_volume *a, const mv_volume *b, int line) {
    check(a->dtype == b->dtype && a->ndim == b->ndim && !memcmp(a->dim, b->dim, sizeof a->dim), "type and shape",
          line);
    check(!memcmp(a->affine, b->affine, sizeof a->affine), "affine", line);
    check(a->slope == b->slope && a->inter == b->inter, "scaling", line);
}
/* whether two volumes of one shape hold the same, to `near` (integers: one apart) */
static void alike(const mv_volume *want, const mv_cuda_volume *got, double near, int line) {
    mv_volume a, b;
    double worst = 0.0;
    size_t i, n;
    int odd = 0;
    memset(&a, 0, sizeof a), memset(&b, 0, sizeof b);
    same_geometry(want, got, line);
    check_status(mv_cuda_download(&gpu, &b, got, MEDVOL_F64, NULL), MEDVOL_OK, mv_cuda_message(&gpu), line);
    check_status(mv_convert(&cpu, &a, want, MEDVOL_F64, NULL), MEDVOL_OK, "convert", line);
    n = a.data && b.data ? mv_volume_count(&a) : 0;
    keep(b.data, n * 8);
    for (i = 0; i < n; i++) {
        const double x = ((double *)a.data)[i], y = ((double *)b.data)[i];
        if (x == y || (x != x && y != y)) continue;
        if (!(fabs(x - y) <= 1e300)) odd++;
        else worst = fabs(x - y) > worst ? fabs(x - y) : worst;
    }
    if (!(worst <= near) || odd) printf("%s: %g apart, %d not finite alone\n", about, worst, odd);
    check(n > 0 && worst <= near && !odd, "the same values", line);
    mv_volume_free(&cpu, &a), mv_volume_free(&cpu, &b);
}
static double nearness(mv_dtype type) { /* of results from values of up to 1000 */
    return type == MEDVOL_F16 ? 1.0 : type == MEDVOL_BF16 ? 8.0 : type == MEDVOL_F32 || type == MEDVOL_F64 ? 6e-4
                                                                                                           : 1.001;
}
/* One call by both, into new memory and into a view */
template <class C, class G> static void both(twin *a, double near, int view, C on_cpu, G on_gpu, int line) {
    mv_volume h, d;
    memset(&h, 0, sizeof h), memset(&d, 0, sizeof d);
    check_status(on_cpu(&h, &a->host), MEDVOL_OK, "medvol.h", line);
    settled_at(on_gpu(&d, &a->device), MEDVOL_OK, __FILE__, line);
    alike(&h, &d, near, line);
    if (view && h.data) {
        twin b;
        twin_make(&b, h.dtype, h.ndim, h.dim, VIEW);
        check_status(on_cpu(&b.host, &a->host), MEDVOL_OK, "medvol.h", line);
        settled_at(on_gpu(&b.device, &a->device), MEDVOL_OK, __FILE__, line);
        alike(&b.host, &b.device, near, line);
        twin_free(&b);
    }
    mv_volume_free(&cpu, &h), mv_cuda_volume_free(&gpu, &d);
}
static void tell(const char *what, const mv_volume *v) {
    snprintf(about, sizeof about, "%s %s %zux%zux%zux%zu", what, mv_dtype_name(v->dtype), v->dim[0], v->dim[1],
             v->dim[2], v->dim[3]);
}

/* sigma in voxels whose radius is r[d] */
static void sigmas(double *s, const int *r) {
    for (int d = 0; d < 3; d++) s[d] = r[d] ? ((double)r[d] + 0.2) / 4.0 : 0.0;
}
static void gaussians(const int (*radii)[3], int count, double value) {
    for (int s = 0; s < SHAPES; s++)
        for (int r = 0; r < count; r++) {
            mv_gaussian_opt o;
            double sigma[3];
            twin a;
            memset(&o, 0, sizeof o);
            o.voxels = 1;
            o.border = (mv_border)((s + r) % 5);
            o.value = value;
            sigmas(sigma, radii[r]);
            made(&a, MEDVOL_F32, &shapes[s], (s + r) % LAYOUTS);
            snprintf(about, sizeof about, "shape %d radii %d border %d", s, r, (int)o.border);
            both(&a, 2e-4, (s + r) % 4 == 0,
                 [&](mv_volume *d, const mv_volume *v) { return mv_gaussian(&cpu, d, v, sigma, &o); },
                 [&](mv_volume *d, const mv_volume *v) { return mv_cuda_gaussian(&gpu, d, v, sigma, &o); },
                 __LINE__);
            twin_free(&a);
        }
}
static void test_gaussian(void) {
    static const int radii[][3] = {{1, 1, 1}, {2, 3, 4}, {5, 0, 6}, {0, 7, 8}, {8, 8, 7}, {0, 0, 3}, {4, 0, 0},
                                   {0, 0, 0}, {3, 2, 2}, {6, 6, 6}};
    gaussians(radii, sizeof radii / sizeof *radii, 7.5);
}
static void test_long(void) { /* windows that are not one pass */
    static const int radii[][3] = {{9, 4, 2}, {3, 3, 9}, {16, 16, 0}, {17, 0, 0}, {0, 17, 3}, {2, 40, 21}, {23, 1, 0},
                                   {0, 0, 60}, {20, 20, 20}};
    gaussians(radii, sizeof radii / sizeof *radii, -3.0);
}
static void test_box(void) {
    static const size_t radii[][3] = {{1, 1, 1}, {2, 0, 3}, {8, 8, 8}, {0, 0, 9}, {16, 12, 0}, {17, 1, 2},
                                      {2, 300, 5}, {40, 40, 40}};
    for (int s = 0; s < SHAPES; s++)
        for (int r = 0; r < 8; r++)
            for (int clip = 0; clip < 2; clip++) {
                mv_box_opt o;
                twin a;
                memset(&o, 0, sizeof o);
                o.clip = clip;
                o.border = (mv_border)((s + r) % 5);
                o.value = 11.0;
                made(&a, MEDVOL_F32, &shapes[s], (s + r) % LAYOUTS);
                snprintf(about, sizeof about, "shape %d radii %d clip %d", s, r, clip);
                both(&a, 1e-3, (s + r) % 4 == 0,
                     [&](mv_volume *d, const mv_volume *v) { return mv_box_mean(&cpu, d, v, radii[r], &o); },
                     [&](mv_volume *d, const mv_volume *v) { return mv_cuda_box_mean(&gpu, d, v, radii[r], &o); },
                     __LINE__);
                twin_free(&a);
            }
}
static void test_types(void) { /* every type, into every type's neighbours; in place; millimetres */
    static const size_t radius[3] = {2, 1, 1};
    for (int t = 0; t < TYPES; t++)
        for (int u = 0; u < 3; u++) {
            const shape s = {4, {17, 9, 5, 2}};
            const mv_dtype to = u == 0 ? MEDVOL_NONE : types[(t + 5 * u) % TYPES];
            mv_gaussian_opt o;
            mv_box_opt b;
            const double sigma[3] = {2.0, 1.0, 3.0};
            twin a;
            memset(&o, 0, sizeof o), memset(&b, 0, sizeof b);
            o.dtype = b.dtype = to;
            made(&a, types[t], &s, t % LAYOUTS);
            tell("types", &a.host);
            both(&a, nearness(to == MEDVOL_NONE ? MEDVOL_F32 : to), 1,
                 [&](mv_volume *d, const mv_volume *v) { return mv_gaussian(&cpu, d, v, sigma, d->data ? NULL : &o); },
                 [&](mv_volume *d, const mv_volume *v) {
                     return mv_cuda_gaussian(&gpu, d, v, sigma, d->data ? NULL : &o); }, __LINE__);
            both(&a, nearness(to == MEDVOL_NONE ? MEDVOL_F32 : to), 0,
                 [&](mv_volume *d, const mv_volume *v) { return mv_box_mean(&cpu, d, v, radius, &b); },
                 [&](mv_volume *d, const mv_volume *v) { return mv_cuda_box_mean(&gpu, d, v, radius, &b); }, __LINE__);
            /* over itself: in place where the size stays, else anew, which a borrowed block stands aside for */
            CHECK_STATUS(mv_gaussian(&cpu, &a.host, &a.host, sigma, &o), MEDVOL_OK);
            CHECK_SETTLED(mv_cuda_gaussian(&gpu, &a.device, &a.device, sigma, &o), MEDVOL_OK);
            alike(&a.host, &a.device, nearness(a.host.dtype), __LINE__);
            mv_volume_free(&cpu, &a.host), mv_cuda_volume_free(&gpu, &a.device);
            twin_free(&a);
        }
}
static void test_nan(void) { /* NaN and infinities reach as far as the weights */
    const shape s = {3, {40, 37, 21}};
    const double sigma[3] = {1.0, 0.5, 0.7}, far[3] = {4.5, 5.0, 3.0};
    static const size_t radius[3] = {20, 3, 2};
    mv_gaussian_opt o;
    mv_box_opt b;
    twin a;
    memset(&o, 0, sizeof o), memset(&b, 0, sizeof b);
    o.voxels = 1, b.clip = 1;
    twin_make(&a, MEDVOL_F32, &s, PLAIN);
    tame(&a);
    ((float *)a.host.data)[17 + 40 * (20 + 37 * 9)] = NAN;
    ((float *)a.host.data)[3 + 40 * (2 + 37 * 20)] = INFINITY;
    send(&a);
    snprintf(about, sizeof about, "NaN");
    both(&a, 1e-3, 0, [&](mv_volume *d, const mv_volume *v) { return mv_gaussian(&cpu, d, v, sigma, &o); },
         [&](mv_volume *d, const mv_volume *v) { return mv_cuda_gaussian(&gpu, d, v, sigma, &o); }, __LINE__);
    both(&a, 1e-3, 0, [&](mv_volume *d, const mv_volume *v) { return mv_gaussian(&cpu, d, v, far, &o); },
         [&](mv_volume *d, const mv_volume *v) { return mv_cuda_gaussian(&gpu, d, v, far, &o); }, __LINE__);
    both(&a, 1e-3, 0, [&](mv_volume *d, const mv_volume *v) { return mv_box_mean(&cpu, d, v, radius, &b); },
         [&](mv_volume *d, const mv_volume *v) { return mv_cuda_box_mean(&gpu, d, v, radius, &b); }, __LINE__);
    twin_free(&a);
}
enum { MOST = 24 };
static void test_pyramid(void) {
    static const shape tall[] = {{3, {67, 50, 41}}, {3, {33, 64, 17}}, {2, {90, 71}}, {1, {300}}, {4, {34, 20, 9, 2}},
                                 {3, {40, 40, 3}}};
    for (int s = 0; s < 6; s++)
        for (int own = 0; own < 2; own++) {
            const mv_dtype type = s % 2 ? MEDVOL_I16 : MEDVOL_F32;
            mv_pyramid_opt o;
            mv_volume h[MOST], d[MOST];
            twin a;
            size_t n, k;
            memset(h, 0, sizeof h), memset(d, 0, sizeof d);
            o.least = 3;
            twin_make(&a, type, &tall[s], own ? SHIFTED : VIEW);
            tame(&a);
            twin_place(&a);
            if (own && type == MEDVOL_F32) { /* the first level is src itself */
                a.host.slope = a.device.slope = 0;
                h[0] = a.host, d[0] = a.device;
            }
            n = mv_pyramid_levels(&a.device, &o);
            CHECK(n == mv_pyramid_levels(&a.host, &o) && n > 1);
            snprintf(about, sizeof about, "pyramid %d of %zu", s, n);
            CHECK_STATUS(mv_pyramid(&cpu, h, n, h[0].data ? &h[0] : &a.host, &o), MEDVOL_OK);
            CHECK_SETTLED(mv_cuda_pyramid(&gpu, d, n, d[0].data ? &d[0] : &a.device, &o), MEDVOL_OK);
            for (k = 0; k < n; k++) alike(&h[k], &d[k], 6e-4, __LINE__);
            if (!own) CHECK_STATUS(mv_cuda_pyramid(&gpu, d, n + 1, &a.device, &o), MEDVOL_E_SIZE);
            for (k = own && type == MEDVOL_F32; k < n; k++) {
                mv_volume_free(&cpu, &h[k]);
                mv_cuda_volume_free(&gpu, &d[k]);
            }
            twin_free(&a);
        }
}
/* what is a linear function of world positions stays one on every level but near the borders */
static void test_pyramid_world(void) {
    const shape s = {3, {48, 45, 33}};
    mv_volume d[3], back;
    twin a;
    size_t k, x, y, z, n[3];
    double worst = 0.0, p[3], q[3];
    memset(d, 0, sizeof d), memset(&back, 0, sizeof back);
    twin_make(&a, MEDVOL_F32, &s, PLAIN);
    twin_place(&a);
    a.device.slope = a.host.slope = 0;
    for (z = 0; z < 33; z++)
        for (y = 0; y < 45; y++)
            for (x = 0; x < 48; x++) {
                q[0] = (double)x, q[1] = (double)y, q[2] = (double)z;
                mv_affine_apply(p, a.host.affine, q);
                ((float *)a.host.data)[x + 48 * (y + 45 * z)] = (float)(p[0] - 0.5 * p[1] + 0.25 * p[2]);
            }
    send(&a);
    CHECK_SETTLED(mv_cuda_pyramid(&gpu, d, 2, &a.device, NULL), MEDVOL_OK);
    for (k = 0; k < 2; k++) {
        CHECK_STATUS(mv_cuda_download(&gpu, &back, &d[k], MEDVOL_F32, NULL), MEDVOL_OK);
        memcpy(n, back.dim, sizeof n);
        for (z = 3; z + 3 < n[2]; z++)
            for (y = 3; y + 3 < n[1]; y++)
                for (x = 3; x + 3 < n[0]; x++) {
                    q[0] = (double)x, q[1] = (double)y, q[2] = (double)z;
                    mv_affine_apply(p, back.affine, q);
                    p[0] = fabs(p[0] - 0.5 * p[1] + 0.25 * p[2] - (double)((float *)back.data)[x + n[0] * (y + n[1] * z)]);
                    if (!(p[0] <= worst)) worst = p[0];
                }
        CHECK(worst < 3e-4);
        mv_volume_free(&cpu, &back);
    }
    for (k = 0; k < 2; k++) mv_cuda_volume_free(&gpu, &d[k]);
    twin_free(&a);
}
static void same_status(mv_status want, mv_status got, mv_status must, int line) {
    check_status(want, must, "medvol.h", line);
    check_status(got, must, mv_cuda_message(&gpu), line);
    check(mv_cuda_message(&gpu)[0] != 0, "a message", line);
}
#define REFUSED(status, on_cpu, on_gpu) same_status(on_cpu, on_gpu, status, __LINE__)
static void test_filter_refused(void) {
    const shape s = {3, {9, 8, 7}}, other = {3, {9, 8, 6}};
    const double bad[3] = {1, -1, 0}, good[3] = {1, 1, 1}, huge[3] = {9000, 0, 0}, nan[3] = {1, NAN, 1};
    static const size_t one[3] = {1, 1, 1}, wide[3] = {40000, 0, 0};
    mv_gaussian_opt o;
    mv_box_opt b;
    mv_volume h, d;
    twin a, c, z;
    memset(&o, 0, sizeof o), memset(&b, 0, sizeof b), memset(&h, 0, sizeof h), memset(&d, 0, sizeof d);
    twin_make(&a, MEDVOL_F32, &s, PLAIN), twin_make(&c, MEDVOL_F32, &other, PLAIN);
    twin_make(&z, MEDVOL_C64, &s, PLAIN);
    snprintf(about, sizeof about, "refused");
    REFUSED(MEDVOL_E_NULL, mv_gaussian(&cpu, NULL, &a.host, good, NULL), mv_cuda_gaussian(&gpu, NULL, &a.device, good, NULL));
    REFUSED(MEDVOL_E_NULL, mv_gaussian(&cpu, &h, NULL, good, NULL), mv_cuda_gaussian(&gpu, &d, NULL, good, NULL));
    REFUSED(MEDVOL_E_NULL, mv_gaussian(&cpu, &h, &a.host, NULL, NULL), mv_cuda_gaussian(&gpu, &d, &a.device, NULL, NULL));
    REFUSED(MEDVOL_E_RANGE, mv_gaussian(&cpu, &h, &a.host, bad, NULL), mv_cuda_gaussian(&gpu, &d, &a.device, bad, NULL));
    REFUSED(MEDVOL_E_RANGE, mv_gaussian(&cpu, &h, &a.host, nan, NULL), mv_cuda_gaussian(&gpu, &d, &a.device, nan, NULL));
    REFUSED(MEDVOL_E_RANGE, mv_gaussian(&cpu, &h, &a.host, huge, NULL), mv_cuda_gaussian(&gpu, &d, &a.device, huge, NULL));
    REFUSED(MEDVOL_E_DTYPE, mv_gaussian(&cpu, &h, &z.host, good, NULL), mv_cuda_gaussian(&gpu, &d, &z.device, good, NULL));
    REFUSED(MEDVOL_E_SHAPE, mv_gaussian(&cpu, &c.host, &a.host, good, NULL),
            mv_cuda_gaussian(&gpu, &c.device, &a.device, good, NULL));
    CHECK_STATUS(mv_cuda_gaussian(&gpu, &d, &a.host, good, NULL), MEDVOL_E_POINTER);
    {
        mv_volume hv = a.host, dv = a.device;
        const size_t start[3] = {0, 0, 0}, from[3] = {0, 0, 1}, size[3] = {9, 8, 6};
        CHECK_STATUS(mv_volume_view(&cpu, &hv, &a.host, start, size), MEDVOL_OK);
        CHECK_STATUS(mv_cuda_volume_view(&gpu, &dv, &a.device, start, size), MEDVOL_OK);
        CHECK_STATUS(mv_volume_view(&cpu, &h, &a.host, from, size), MEDVOL_OK);
        CHECK_STATUS(mv_cuda_volume_view(&gpu, &d, &a.device, from, size), MEDVOL_OK);
        REFUSED(MEDVOL_E_ALIAS, mv_gaussian(&cpu, &h, &hv, good, NULL), mv_cuda_gaussian(&gpu, &d, &dv, good, NULL));
        memset(&h, 0, sizeof h), memset(&d, 0, sizeof d);
        hv = a.host, dv = a.device;
        hv.affine[0] = hv.affine[4] = hv.affine[8] = 0, memcpy(dv.affine, hv.affine, sizeof hv.affine);
        REFUSED(MEDVOL_E_SINGULAR, mv_gaussian(&cpu, &h, &hv, good, NULL), mv_cuda_gaussian(&gpu, &d, &dv, good, NULL));
        REFUSED(MEDVOL_E_SINGULAR, mv_pyramid(&cpu, &h, 1, &hv, NULL), mv_cuda_pyramid(&gpu, &d, 1, &dv, NULL));
    }
    o.border = (mv_border)9;
    REFUSED(MEDVOL_E_RANGE, mv_gaussian(&cpu, &h, &a.host, good, &o), mv_cuda_gaussian(&gpu, &d, &a.device, good, &o));
    o.border = MEDVOL_BORDER_EDGE, o.value = NAN;
    REFUSED(MEDVOL_E_RANGE, mv_gaussian(&cpu, &h, &a.host, good, &o), mv_cuda_gaussian(&gpu, &d, &a.device, good, &o));
    o.value = 0, o.truncate = -1;
    REFUSED(MEDVOL_E_RANGE, mv_gaussian(&cpu, &h, &a.host, good, &o), mv_cuda_gaussian(&gpu, &d, &a.device, good, &o));
    o.truncate = 0, o.dtype = MEDVOL_C64;
    REFUSED(MEDVOL_E_DTYPE, mv_gaussian(&cpu, &h, &a.host, good, &o), mv_cuda_gaussian(&gpu, &d, &a.device, good, &o));
    REFUSED(MEDVOL_E_RANGE, mv_box_mean(&cpu, &h, &a.host, wide, NULL), mv_cuda_box_mean(&gpu, &d, &a.device, wide, NULL));
    REFUSED(MEDVOL_E_NULL, mv_box_mean(&cpu, &h, &a.host, NULL, NULL), mv_cuda_box_mean(&gpu, &d, &a.device, NULL, NULL));
    b.dtype = MEDVOL_RGB24;
    REFUSED(MEDVOL_E_DTYPE, mv_box_mean(&cpu, &h, &a.host, one, &b), mv_cuda_box_mean(&gpu, &d, &a.device, one, &b));
    REFUSED(MEDVOL_E_RANGE, mv_pyramid(&cpu, &h, 0, &a.host, NULL), mv_cuda_pyramid(&gpu, &d, 0, &a.device, NULL));
    REFUSED(MEDVOL_E_SIZE, mv_pyramid(&cpu, &h, 3, &a.host, NULL), mv_cuda_pyramid(&gpu, &d, 3, &a.device, NULL));
    REFUSED(MEDVOL_E_NULL, mv_pyramid(&cpu, NULL, 1, &a.host, NULL), mv_cuda_pyramid(&gpu, NULL, 1, &a.device, NULL));
    CHECK(h.data == NULL && d.data == NULL);
    twin_free(&a), twin_free(&c), twin_free(&z);
}
/* the same call, captured, gives the same */
template <class G> static void captured(const mv_cuda_volume *want, G call, int line) {
    mv_cuda_volume d;
    mv_cuda_graph graph;
    mv_volume a, b;
    memset(&d, 0, sizeof d), memset(&a, 0, sizeof a), memset(&b, 0, sizeof b);
    check_status(mv_cuda_volume_alloc(&gpu, &d, want->dtype, want->ndim, want->dim), MEDVOL_OK, "alloc", line);
    check_status(mv_cuda_capture_begin(&gpu), MEDVOL_OK, mv_cuda_message(&gpu), line);
    check_status(call(&d), MEDVOL_OK, mv_cuda_message(&gpu), line);
    check_status(mv_cuda_capture_end(&gpu, &graph), MEDVOL_OK, mv_cuda_message(&gpu), line);
    for (int i = 0; i < 2; i++) {
        check(dev_set(d.data, 0xee, mv_volume_count(&d) * mv_dtype_size(d.dtype)) ? 1 : 0, "set", line);
        check_status(mv_cuda_graph_launch(&gpu, &graph), MEDVOL_OK, mv_cuda_message(&gpu), line);
        check_status(mv_cuda_download(&gpu, &a, want, MEDVOL_NONE, NULL), MEDVOL_OK, mv_cuda_message(&gpu), line);
        check_status(mv_cuda_download(&gpu, &b, &d, MEDVOL_NONE, NULL), MEDVOL_OK, mv_cuda_message(&gpu), line);
        check(!memcmp(a.data, b.data, mv_volume_count(&a) * mv_dtype_size(a.dtype)), "the same by a graph", line);
        mv_volume_free(&cpu, &a), mv_volume_free(&cpu, &b);
    }
    mv_cuda_graph_free(&gpu, &graph);
    mv_cuda_volume_free(&gpu, &d);
}
template <class G> static void runs_captured(G call, int line) {
    mv_cuda_volume d;
    memset(&d, 0, sizeof d);
    settled_at(call(&d), MEDVOL_OK, __FILE__, line);
    captured(&d, call, line);
    mv_cuda_volume_free(&gpu, &d);
}
static void test_filter_capture(void) {
    const shape s = {3, {37, 19, 11}};
    const double near[3] = {1, 2, 1}, far[3] = {5, 3, 4};
    static const size_t radius[3] = {20, 2, 3};
    mv_gaussian_opt o;
    twin a;
    memset(&o, 0, sizeof o);
    o.voxels = 1;
    twin_make(&a, MEDVOL_I16, &s, VIEW);
    tame(&a);
    snprintf(about, sizeof about, "captured");
    runs_captured([&](mv_volume *d) { return mv_cuda_gaussian(&gpu, d, &a.device, near, &o); }, __LINE__);
    runs_captured([&](mv_volume *d) { return mv_cuda_gaussian(&gpu, d, &a.device, far, &o); }, __LINE__);
    runs_captured([&](mv_volume *d) { return mv_cuda_box_mean(&gpu, d, &a.device, radius, NULL); }, __LINE__);
    runs_captured([&](mv_volume *d) { return mv_cuda_pyramid(&gpu, d, 1, &a.device, NULL); }, __LINE__);
    twin_free(&a);
}
static void test_filter_scratch(void) {
    const shape s = {3, {40, 30, 25}};
    const double V = 4.0 * 40 * 30 * 25, near[3] = {1, 1, 1}, far[3] = {20, 20, 20};
    static const size_t one[3] = {1, 1, 1}, long_[3] = {60, 60, 60};
    mv_gaussian_opt o;
    twin a, b, h;
    memset(&o, 0, sizeof o);
    o.voxels = 1;
    twin_make(&a, MEDVOL_F32, &s, PLAIN), twin_make(&b, MEDVOL_F32, &s, PLAIN), twin_make(&h, MEDVOL_I16, &s, PLAIN);
    tame(&a), tame(&h);
    NEEDS(0, 0, mv_cuda_gaussian(c, &b.device, &a.device, near, &o));
    NEEDS(V, V + 1024, mv_cuda_gaussian(c, &b.device, &h.device, near, &o));
    NEEDS(V, 2 * V + 8192, mv_cuda_gaussian(c, &b.device, &a.device, far, &o));
    NEEDS(V, V + 1024, mv_cuda_gaussian(c, &a.device, &a.device, near, &o));
    NEEDS(0, 0, mv_cuda_box_mean(c, &b.device, &a.device, one, NULL));
    NEEDS(V, 2 * V + 1024, mv_cuda_box_mean(c, &b.device, &a.device, long_, NULL));
    NEEDS(0, 0, mv_cuda_pyramid(c, &b.device, 1, &a.device, NULL));
    twin_free(&a), twin_free(&b), twin_free(&h);
}
static void test_filter_limits(void) { /* axes, planes, rows of blocks of 32 */
    const double near[3] = {1, 1, 1};
    static const size_t one[3] = {1, 1, 1};
    static const size_t sizes[3][2] = {{((size_t)1 << 30) + 1, 1}, {65536, 32768}, {16, 2097121}};
    mv_gaussian_opt o;
    memset(&o, 0, sizeof o);
    o.voxels = 1;
    AFAR
        for (int k = 0; k < 3; k++) {
            const mv_volume a = afar(MEDVOL_F32, sizes[k][0], sizes[k][1]);
            mv_volume d = afar(MEDVOL_F32, sizes[k][0], sizes[k][1]),
                      half = afar(MEDVOL_F32, sizes[k][0] / 2, sizes[k][1] > 1 ? sizes[k][1] / 2 : 1);
            snprintf(about, sizeof about, "%zux%zu", sizes[k][0], sizes[k][1]);
            CHECK_STATUS(mv_cuda_gaussian(&gpu, &d, &a, near, &o), MEDVOL_E_UNSUPPORTED);
            CHECK_STATUS(mv_cuda_box_mean(&gpu, &d, &a, one, NULL), MEDVOL_E_UNSUPPORTED);
            if (k == 0) CHECK_STATUS(mv_cuda_pyramid(&gpu, &half, 1, &a, NULL), MEDVOL_E_UNSUPPORTED);
        }
}
SUITE(filter, {"gaussian", test_gaussian}, {"limits", test_filter_limits}, {"scratch", test_filter_scratch}, {"long", test_long}, {"box", test_box}, {"types", test_types},
      {"nan", test_nan}, {"pyramid", test_pyramid}, {"pyramid_world", test_pyramid_world},
      {"refused", test_filter_refused}, {"capture", test_filter_capture});

/* ---- fields ---- */
/* a field on a grid of nx x ny x nz voxels of about `mm`: smooth, of up to `amount` mm, noise of a hundredth */
static void field_make(twin *f, mv_dtype type, size_t nx, size_t ny, size_t nz, int comps, double mm, double amount,
                       int layout) {
    const size_t dim[5] = {nx, ny, nz, 1, (size_t)comps}, size = mv_dtype_size(type);
    double phase[3][4];
    size_t k[5];
    int r, c;
    twin_make(f, type, 5, dim, layout);
    mv_affine_identity(f->host.affine);
    for (r = 0; r < 3; r++) {
        for (c = 0; c < 3; c++)
            f->host.affine[4 * r + c] = mm * ((r == c ? 1.0 + 0.1 * r : 0.0) + (comps == 3 ? 0.1 * (uniform() - 0.5) : 0.0));
        f->host.affine[4 * r + 3] = 5.0 * uniform();
        for (c = 0; c < 4; c++) phase[r][c] = 6.28 * uniform();
    }
    if (type != MEDVOL_F32 && type != MEDVOL_F64) f->host.slope = 1.0 / 512.0, f->host.inter = 0.25;
    memcpy(f->device.affine, f->host.affine, sizeof f->host.affine);
    f->device.slope = f->host.slope, f->device.inter = f->host.inter;
    memset(k, 0, sizeof k);
    for (k[4] = 0; k[4] < (size_t)comps; k[4]++)
        for (k[2] = 0; k[2] < nz; k[2]++)
            for (k[1] = 0; k[1] < ny; k[1]++)
                for (k[0] = 0; k[0] < nx; k[0]++) {
                    double x = 0.0;
                    size_t at = 0;
                    for (r = 0; r < 3; r++) x += sin(phase[k[4]][r] + 0.45 * (double)k[r] * (r + 1)) / 3.0;
                    x = amount * (x + 0.01 * uniform());
                    if (f->host.slope != 0.0) x = (x - f->host.inter) / f->host.slope;
                    for (r = 0; r < 5; r++) at += k[r] * (size_t)f->host.stride[r];
                    (void)mv_convert_array(NULL, (char *)f->host.data + at * size, type, &x, MEDVOL_F64, 1, 1.0, 0.0);
                }
    send(f);
}
enum { LINKS = 7, CHAINS = 14 };
struct chain {
    size_t n;
    int inexact; /* fields are found by iteration */
    mv_transform host[LINKS], device[LINKS];
    twin field[LINKS];
};
static void link_affine(chain *c, int inverse, double turn) {
    mv_transform *t = &c->host[c->n];
    memset(t, 0, sizeof *t);
    t->kind = MEDVOL_TRANSFORM_AFFINE;
    t->inverse = inverse;
    mv_affine_identity(t->affine);
    t->affine[0] = t->affine[5] = cos(turn), t->affine[1] = -sin(turn), t->affine[4] = sin(turn);
    t->affine[3] = 0.7, t->affine[7] = -1.2;
    c->device[c->n++] = *t;
}
static void link_field(chain *c, mv_transform_kind kind, int inverse, mv_dtype type, size_t n, int comps, int layout) {
    mv_transform *t = &c->host[c->n];
    twin *f = &c->field[c->n];
    memset(t, 0, sizeof *t);
    field_make(f, type, n, n + 1, comps == 2 ? 1 : n + 2, comps, kind == MEDVOL_TRANSFORM_BSPLINE ? 4.0 : 1.6,
               inverse ? 0.5 : 1.9, layout);
    t->kind = kind;
    t->inverse = inverse;
    t->field = &f->host;
    c->inexact += inverse || kind == MEDVOL_TRANSFORM_VELOCITY;
    c->device[c->n] = *t;
    c->device[c->n++].field = &f->device;
}
/* chains of all kinds; flat: in the plane */
static void chain_make(chain *c, int which, int flat) {
    const int comps = flat ? 2 : 3;
    int i;
    memset(c, 0, sizeof *c);
    switch (which) {
        case 0: break;
        case 1: link_affine(c, 0, 0.2); break;
        case 2: link_field(c, MEDVOL_TRANSFORM_FIELD, 0, MEDVOL_F32, 15, comps, VIEW); break;
        case 3: link_affine(c, 1, 0.1), link_field(c, MEDVOL_TRANSFORM_FIELD, 0, MEDVOL_F32, 14, comps, PLAIN); break;
        case 4:
            link_field(c, MEDVOL_TRANSFORM_FIELD, 0, MEDVOL_I16, 15, comps, SHIFTED), link_affine(c, 0, 0.3);
            link_field(c, MEDVOL_TRANSFORM_FIELD, 0, MEDVOL_F64, 9, comps, VIEW);
            break;
        case 5: link_field(c, MEDVOL_TRANSFORM_VELOCITY, 0, MEDVOL_F32, 15, comps, PLAIN); break;
        case 6: link_field(c, MEDVOL_TRANSFORM_VELOCITY, 1, MEDVOL_F32, 13, comps, VIEW); break;
        case 7: link_field(c, MEDVOL_TRANSFORM_FIELD, 1, MEDVOL_F32, 15, comps, PLAIN), link_affine(c, 1, 0.1); break;
        case 8: link_field(c, MEDVOL_TRANSFORM_BSPLINE, 0, MEDVOL_F32, 7, comps, PLAIN); break;
        case 9:
            link_field(c, MEDVOL_TRANSFORM_FIELD, 0, MEDVOL_F32, 15, comps, PLAIN);
            link_field(c, MEDVOL_TRANSFORM_BSPLINE, 0, MEDVOL_I16, 6, comps, VIEW), link_affine(c, 0, 0.05);
            break;
        case 10: link_field(c, MEDVOL_TRANSFORM_BSPLINE, 1, MEDVOL_F32, 5, comps, PLAIN); break;
        case 11: /* more than are done at once */
            for (i = 0; i < 6; i++)
                link_field(c, i == 3 ? MEDVOL_TRANSFORM_BSPLINE : MEDVOL_TRANSFORM_FIELD, 0, MEDVOL_F32, 9, comps, PLAIN);
            link_affine(c, 0, -0.2);
            break;
        case 12: link_field(c, MEDVOL_TRANSFORM_FIELD, 0, MEDVOL_F32, 1, comps, PLAIN); break; /* few voxels */
        default: link_affine(c, 0, 0.4), link_affine(c, 1, 0.3); break;
    }
}
static void chain_free(chain *c) {
    for (size_t i = 0; i < c->n; i++)
        if (c->field[i].block) twin_free(&c->field[i]);
}
/* an image about where fields are, and a grid of others */
static void image_make(twin *a, mv_dtype type, const shape *s, int layout) {
    int r, c;
    twin_make(a, type, s, layout);
    tame(a);
    for (r = 0; r < 3; r++)
        for (c = 0; c < 3; c++) a->host.affine[4 * r + c] = (r == c ? 1.3 : 0.0) + (s->dim[2] > 1 ? 0.08 * (r - c) : 0.0);
    for (r = 0; r < 3; r++) a->host.affine[4 * r + 3] = 1.5;
    memcpy(a->device.affine, a->host.affine, sizeof a->host.affine);
}
static void grid_make(mv_volume *g, size_t nx, size_t ny, size_t nz, double angle) {
    memset(g, 0, sizeof *g);
    g->ndim = 3;
    for (int r = 0; r < 7; r++) g->dim[r] = 1;
    g->dim[0] = nx, g->dim[1] = ny, g->dim[2] = nz;
    mv_affine_identity(g->affine);
    g->affine[0] = g->affine[5] = 1.2 * cos(angle), g->affine[1] = -1.1 * sin(angle), g->affine[4] = 1.1 * sin(angle);
    g->affine[10] = nz > 1 ? 1.4 : 1.0;
    g->affine[3] = 0.4, g->affine[7] = 1.1;
}
static const shape images[] = {{3, {19, 17, 13}}, {3, {33, 3, 9}}, {4, {7, 9, 5, 3}}, {2, {21, 19}}, {3, {1, 20, 21}}};
enum { IMAGES = 5 };
static void warps(mv_dtype type, mv_dtype result, mv_interp interp, int labels, int border, double near) {
    for (int k = 0; k < CHAINS; k++) {
        const int i = (k + border) % IMAGES, flat = i == 3;
        mv_warp_opt o;
        mv_volume grid;
        twin a;
        chain c;
        memset(&o, 0, sizeof o);
        o.interp = interp;
        o.labels = labels;
        o.border = (mv_border)border;
        o.value = type == MEDVOL_RGB24 || type == MEDVOL_RGBA32 || interp != MEDVOL_NEAREST ? 12.0 : 0.0;
        o.dtype = result;
        chain_make(&c, k, flat);
        image_make(&a, type, &images[i], k % LAYOUTS);
        if (mv_dtype_size(type) == 2 && !labels) a.host.slope = a.device.slope = 0.5, a.host.inter = a.device.inter = 3.0;
        grid_make(&grid, 21, k % 3 ? 18 : 33, flat ? 1 : 7, k == 2 || k == 4 ? 0.0 : 0.15);
        if ((k == 2 || k == 4) && c.n) { /* the field's own voxels */
            memcpy(grid.affine, c.field[0].host.affine, sizeof grid.affine);
            for (int r = 0; r < 3; r++) grid.dim[r] = c.field[0].host.dim[r];
        }
        if ((k == 2 || k == 3) && c.field[k - 2].host.dtype == MEDVOL_F32) { /* displacements that are none */
            ((float *)c.field[k - 2].host.data)[7] = NAN, ((float *)c.field[k - 2].host.data)[9] = -INFINITY;
            send(&c.field[k - 2]);
        }
        snprintf(about, sizeof about, "chain %d image %d %s interp %d labels %d border %d", k, i, mv_dtype_name(type),
                 (int)interp, labels, border);
        both(&a, c.inexact ? 20.0 * near : near, k % 2,
             [&](mv_volume *d, const mv_volume *v) { return mv_warp(&cpu, d, v, &grid, c.host, c.n, &o); },
             [&](mv_volume *d, const mv_volume *v) { return mv_cuda_warp(&gpu, d, v, &grid, c.device, c.n, &o); },
             __LINE__);
        chain_free(&c);
        twin_free(&a);
    }
}
static void test_warp(void) {
    warps(MEDVOL_F32, MEDVOL_NONE, MEDVOL_LINEAR, 0, MEDVOL_BORDER_DEFAULT, 2e-3);
    warps(MEDVOL_F32, MEDVOL_NONE, MEDVOL_LINEAR, 0, MEDVOL_BORDER_EDGE, 2e-3);
    warps(MEDVOL_U8, MEDVOL_NONE, MEDVOL_LINEAR, 0, MEDVOL_BORDER_CONSTANT, 2e-3);
    warps(MEDVOL_I16, MEDVOL_I16, MEDVOL_LINEAR, 0, MEDVOL_BORDER_EDGE, 1.001);
    warps(MEDVOL_U16, MEDVOL_F64, MEDVOL_LINEAR, 0, MEDVOL_BORDER_EDGE, 2e-3);
    warps(MEDVOL_F64, MEDVOL_U8, MEDVOL_LINEAR, 0, MEDVOL_BORDER_CONSTANT, 1.001);
}
static void test_cubic(void) {
    warps(MEDVOL_F32, MEDVOL_NONE, MEDVOL_CUBIC, 0, MEDVOL_BORDER_DEFAULT, 2e-3);
    warps(MEDVOL_I16, MEDVOL_NONE, MEDVOL_CUBIC_CONV, 0, MEDVOL_BORDER_EDGE, 2e-3);
}
/* ---- elements: NEAREST of any type, labels, colours ---- */
static void same_bytes(const mv_volume *want, const mv_cuda_volume *got, size_t few, int line) {
    const size_t size = mv_dtype_size(want->dtype);
    mv_volume b;
    size_t i, n, other = 0;
    memset(&b, 0, sizeof b);
    same_geometry(want, got, line);
    check_status(mv_cuda_download(&gpu, &b, got, MEDVOL_NONE, NULL), MEDVOL_OK, mv_cuda_message(&gpu), line);
    n = b.data ? mv_volume_count(&b) : 0;
    keep(b.data, n * size);
    for (i = 0; i < n; i++) { /* what is no number is so by any bits */
        const float *x = (const float *)want->data, *y = (const float *)b.data;
        if (want->dtype == MEDVOL_F32 && x[i] != x[i] && y[i] != y[i]) continue;
        other += memcmp((char *)want->data + i * size, (char *)b.data + i * size, size) != 0;
    }
    if (other > few) printf("%s: %zu of %zu differ\n", about, other, n);
    check(n > 0 && other <= few, "the same elements", line);
    mv_volume_free(&cpu, &b);
}
/* Ties within 1e-5 voxels may go either way: few. */
static void test_elements(void) {
    static const struct { mv_dtype type, to; int labels; mv_interp interp; } all[] = {
        {MEDVOL_F32, MEDVOL_NONE, 0, MEDVOL_NEAREST}, {MEDVOL_U8, MEDVOL_NONE, 0, MEDVOL_NEAREST},
        {MEDVOL_C128, MEDVOL_NONE, 0, MEDVOL_NEAREST}, {MEDVOL_RGB24, MEDVOL_NONE, 0, MEDVOL_NEAREST},
        {MEDVOL_I16, MEDVOL_F32, 0, MEDVOL_NEAREST}, {MEDVOL_F64, MEDVOL_U8, 0, MEDVOL_NEAREST},
        {MEDVOL_U8, MEDVOL_NONE, 1, MEDVOL_LINEAR}, {MEDVOL_I64, MEDVOL_NONE, 1, MEDVOL_LINEAR},
        {MEDVOL_U64, MEDVOL_I16, 1, MEDVOL_LINEAR}, {MEDVOL_I8, MEDVOL_F32, 1, MEDVOL_LINEAR},
        {MEDVOL_U32, MEDVOL_NONE, 1, MEDVOL_LINEAR}, {MEDVOL_U16, MEDVOL_NONE, 1, MEDVOL_LINEAR},
        {MEDVOL_RGB24, MEDVOL_NONE, 0, MEDVOL_LINEAR}, {MEDVOL_RGBA32, MEDVOL_NONE, 0, MEDVOL_LINEAR},
        {MEDVOL_I32, MEDVOL_NONE, 1, MEDVOL_LINEAR}};
    for (size_t t = 0; t < sizeof all / sizeof *all; t++)
        for (int k = 2; k < 9; k += 1 + (k == 4) * 3) {
            const int i = (int)(t + (size_t)k) % IMAGES, flat = i == 3, real = all[t].type <= MEDVOL_F64;
            mv_volume grid, h, d;
            mv_warp_opt o;
            twin a;
            chain c;
            memset(&o, 0, sizeof o), memset(&h, 0, sizeof h), memset(&d, 0, sizeof d);
            o.interp = all[t].interp, o.labels = all[t].labels, o.dtype = all[t].to;
            o.border = t % 2 ? MEDVOL_BORDER_EDGE : MEDVOL_BORDER_CONSTANT;
            o.value = real || all[t].interp == MEDVOL_LINEAR ? 7.0 : 0.0;
            chain_make(&c, k, flat);
            twin_make(&a, all[t].type, &images[i], (int)(t % LAYOUTS));
            for (size_t b = 0; all[t].labels && b < a.bytes; b++) /* few labels, some of them below 0 */
                a.block[b] = (unsigned char)(b % mv_dtype_size(all[t].type) ? 0 : 254 + draw() % 4);
            if (real && !all[t].labels) tame(&a);
            send(&a);
            for (int r = 0; r < 3; r++) a.host.affine[5 * r] = 1.3, a.host.affine[4 * r + 3] = 1.5;
            if (real && mv_dtype_size(all[t].type) == 2) a.host.slope = 0.5, a.host.inter = 1.0;
            memcpy(a.device.affine, a.host.affine, sizeof a.host.affine);
            a.device.slope = a.host.slope, a.device.inter = a.host.inter;
            grid_make(&grid, 23, 18, flat ? 1 : 7, 0.15);
            snprintf(about, sizeof about, "elements %d chain %d image %d", (int)t, k, i);
            CHECK_STATUS(mv_warp(&cpu, &h, &a.host, &grid, c.host, c.n, &o), MEDVOL_OK);
            CHECK_SETTLED(mv_cuda_warp(&gpu, &d, &a.device, &grid, c.device, c.n, &o), MEDVOL_OK);
            if (all[t].interp == MEDVOL_LINEAR && !all[t].labels) { /* colours: one apart at ties */
                mv_volume bytes = h, there = d;
                const size_t m = mv_volume_count(&h) * mv_dtype_size(h.dtype);
                CHECK_STATUS(mv_volume_wrap(&cpu, &bytes, h.data, MEDVOL_U8, 1, &m, NULL), MEDVOL_OK);
                CHECK_STATUS(mv_cuda_volume_wrap(&gpu, &there, d.data, MEDVOL_U8, 1, &m, NULL), MEDVOL_OK);
                alike(&bytes, &there, 1.0, __LINE__);
            } else same_bytes(&h, &d, c.inexact ? 8 : 2, __LINE__);
            mv_volume_free(&cpu, &h), mv_cuda_volume_free(&gpu, &d);
            chain_free(&c), twin_free(&a);
        }
}
/* Half way between voxels: the higher one; of labels with the same weight the smaller. A displacement that is not
   finite: NaN, or 0. */
static void test_ties(void) {
    static const mv_dtype kinds[] = {MEDVOL_F32, MEDVOL_U8, MEDVOL_I16};
    const shape s = {3, {17, 9, 5}};
    for (int k = 0; k < 12; k++) {
        const size_t dim[5] = {17, 9, 5, 1, 3};
        mv_warp_opt o;
        mv_volume grid, h, d;
        mv_transform t, u;
        twin a, f;
        memset(&o, 0, sizeof o), memset(&h, 0, sizeof h), memset(&d, 0, sizeof d), memset(&t, 0, sizeof t);
        o.labels = k >= 6, o.interp = o.labels ? MEDVOL_LINEAR : MEDVOL_NEAREST;
        o.border = k % 2 ? MEDVOL_BORDER_EDGE : MEDVOL_BORDER_CONSTANT;
        twin_make(&a, kinds[k < 6 ? k % 3 : 1 + k % 2], &s, k % LAYOUTS), twin_make(&f, MEDVOL_F32, 5, dim, PLAIN);
        tame(&a);
        for (size_t i = 0; i < 3 * 17 * 9 * 5; i++)
            ((float *)f.host.data)[i] = (i / (17 * 9 * 5)) == (size_t)(k % 3) ? 0.5f : k < 9 ? 0.0f : -0.5f;
        ((float *)f.host.data)[19] = NAN, ((float *)f.host.data)[17 * 9 * 5 + 40] = INFINITY;
        send(&f);
        grid_make(&grid, 17, 9, 5, 0);
        memcpy(grid.affine, a.host.affine, sizeof grid.affine);
        t.kind = MEDVOL_TRANSFORM_FIELD, t.field = &f.host;
        u = t, u.field = &f.device;
        snprintf(about, sizeof about, "ties %d", k);
        CHECK_STATUS(mv_warp(&cpu, &h, &a.host, &grid, &t, 1, &o), MEDVOL_OK);
        CHECK_SETTLED(mv_cuda_warp(&gpu, &d, &a.device, &grid, &u, 1, &o), MEDVOL_OK);
        same_bytes(&h, &d, 0, __LINE__);
        mv_volume_free(&cpu, &h), mv_cuda_volume_free(&gpu, &d);
        twin_free(&a), twin_free(&f);
    }
}
/* ---- displacements and points of chains ---- */
static void test_transforms(void) {
    enum { POINTS = 333 };
    for (int k = 0; k < CHAINS; k++)
        for (int flat = 0; flat < 2; flat++) {
            const double near = 2e-6 * 20.0;
            mv_volume grid, h, d;
            twin b;
            chain c;
            double x[3][POINTS], want[3][POINTS], got[3][POINTS], *there[3], worst = 0.0;
            memset(&h, 0, sizeof h), memset(&d, 0, sizeof d);
            chain_make(&c, k, flat);
            grid_make(&grid, 33, 17, flat ? 1 : 9, k % 2 ? 0.1 : 0.0);
            if ((k == 2 || k == 4) && c.n) {
                memcpy(grid.affine, c.field[0].host.affine, sizeof grid.affine);
                for (int r = 0; r < 3; r++) grid.dim[r] = c.field[0].host.dim[r];
            }
            snprintf(about, sizeof about, "chain %d flat %d", k, flat);
            CHECK_STATUS(mv_transform_field(&cpu, &h, &grid, c.host, c.n), MEDVOL_OK);
            CHECK_SETTLED(mv_cuda_transform_field(&gpu, &d, &grid, c.device, c.n), MEDVOL_OK);
            alike(&h, &d, c.inexact ? 4e-3 : near, __LINE__);
            twin_make(&b, MEDVOL_F32, 5, h.dim, VIEW);
            CHECK_STATUS(mv_transform_field(&cpu, &b.host, &grid, c.host, c.n), MEDVOL_OK);
            CHECK_SETTLED(mv_cuda_transform_field(&gpu, &b.device, &grid, c.device, c.n), MEDVOL_OK);
            alike(&b.host, &b.device, c.inexact ? 4e-3 : near, __LINE__);
            twin_free(&b);
            mv_volume_free(&cpu, &h), mv_cuda_volume_free(&gpu, &d);
            for (int r = 0; r < 3; r++) {
                for (int i = 0; i < POINTS; i++) x[r][i] = uniform() * 40.0 - 8.0;
                if (r == 1) x[r][5] = NAN;
                CHECK(dev_new(&there[r], sizeof x[r]) && dev_put(there[r], x[r], sizeof x[r]));
            }
            CHECK_STATUS(mv_transform_points(&cpu, want[0], want[1], want[2], x[0], x[1], x[2], POINTS, c.host, c.n),
                         MEDVOL_OK);
            CHECK_SETTLED(mv_cuda_transform_points(&gpu, there[0], there[1], there[2], there[0], there[1], there[2], POINTS,
                                                   c.device, c.n), MEDVOL_OK);
            for (int r = 0; r < 3; r++) {
                CHECK(dev_get(got[r], there[r], sizeof got[r]));
                keep(got[r], sizeof got[r]);
                dev_free(there[r]);
                for (int i = 0; i < POINTS; i++) {
                    if (want[r][i] != want[r][i] && got[r][i] != got[r][i]) continue;
                    if (!(want[r][i] - got[r][i] == want[r][i] - got[r][i])) worst = HUGE_VAL; /* NaN of one */
                    else worst = fmax(worst, fabs(want[r][i] - got[r][i]));
                }
            }
            if (!(worst < (c.inexact ? 4e-3 : 1e-10))) printf("%s: points %g apart\n", about, worst);
            CHECK(worst < (c.inexact ? 4e-3 : 1e-10));
            chain_free(&c);
        }
    CHECK_STATUS(mv_cuda_transform_points(&gpu, NULL, NULL, NULL, NULL, NULL, NULL, 1, NULL, 0), MEDVOL_E_NULL);
    { /* beyond a spline the last coefficient counts alone, whatever stands before it */
        mv_volume grid, h, d;
        chain c;
        memset(&c, 0, sizeof c), memset(&h, 0, sizeof h), memset(&d, 0, sizeof d);
        snprintf(about, sizeof about, "beyond a spline");
        link_field(&c, MEDVOL_TRANSFORM_BSPLINE, 0, MEDVOL_F32, 5, 3, PLAIN);
        const size_t *n = c.field[0].host.dim;
        for (size_t i = 0; i < mv_volume_count(&c.field[0].host); i++)
            if (i % n[0] != n[0] - 1) ((float *)c.field[0].host.data)[i] = NAN;
        send(&c.field[0]);
        grid_make(&grid, 9, 7, 5, 0.0);
        grid.affine[3] = 100.0;
        CHECK_STATUS(mv_transform_field(&cpu, &h, &grid, c.host, c.n), MEDVOL_OK);
        CHECK_SETTLED(mv_cuda_transform_field(&gpu, &d, &grid, c.device, c.n), MEDVOL_OK);
        CHECK(((float *)h.data)[0] == ((float *)h.data)[0]);
        alike(&h, &d, 4e-5, __LINE__);
        mv_volume_free(&cpu, &h), mv_cuda_volume_free(&gpu, &d);
        chain_free(&c);
    }
}
/* an image that is a linear function of world positions, moved: still that function of where points come from */
static void test_warp_world(void) {
    const shape s = {3, {60, 61, 62}};
    const size_t n[3] = {21, 18, 9};
    double worst = 0.0;
    twin a;
    memset(about, 0, sizeof about);
    twin_make(&a, MEDVOL_F32, &s, PLAIN);
    for (int r = 0; r < 3; r++) {
        for (int c = 0; c < 3; c++) a.host.affine[4 * r + c] = (r == c ? -1.2 : 0.1 * (r - c));
        a.host.affine[4 * r + 3] = 48.0;
    }
    memcpy(a.device.affine, a.host.affine, sizeof a.host.affine);
    for (size_t i = 0; i < 60 * 61 * 62; i++) {
        const double q[3] = {(double)(i % 60), (double)(i / 60 % 61), (double)(i / 60 / 61)};
        double p[3];
        mv_affine_apply(p, a.host.affine, q);
        ((float *)a.host.data)[i] = (float)(p[0] - 0.5 * p[1] + 0.25 * p[2]);
    }
    send(&a);
    for (int k = 0; k < CHAINS; k++) {
        mv_volume grid, d, back;
        chain c;
        memset(&d, 0, sizeof d), memset(&back, 0, sizeof back);
        chain_make(&c, k, 0);
        if (c.inexact) { /* compared elsewhere: here they would be made once a point */
            chain_free(&c);
            continue;
        }
        grid_make(&grid, n[0], n[1], n[2], 0.1);
        CHECK_SETTLED(mv_cuda_warp(&gpu, &d, &a.device, &grid, c.device, c.n, NULL), MEDVOL_OK);
        CHECK_STATUS(mv_cuda_download(&gpu, &back, &d, MEDVOL_NONE, NULL), MEDVOL_OK);
        CHECK(!memcmp(back.affine, grid.affine, sizeof grid.affine));
        for (size_t i = 0; i < n[0] * n[1] * n[2]; i++) {
            const double q[3] = {(double)(i % n[0]), (double)(i / n[0] % n[1]), (double)(i / n[0] / n[1])};
            double p[3], o[3], want;
            mv_affine_apply(p, grid.affine, q);
            (void)mv_transform_points(&cpu, &o[0], &o[1], &o[2], &p[0], &p[1], &p[2], 1, c.host, c.n);
            want = o[0] - 0.5 * o[1] + 0.25 * o[2];
            want = fabs(want - (double)((float *)back.data)[i]);
            if (!(want <= worst)) worst = want;
        }
        if (!(worst < 5e-5)) printf("chain %d: %g mm\n", k, worst);
        CHECK(worst < 5e-5);
        mv_volume_free(&cpu, &back), mv_cuda_volume_free(&gpu, &d);
        chain_free(&c);
    }
    twin_free(&a);
}
/* ---- algebra ---- */
static const size_t grids[][3] = {{13, 12, 9}, {33, 31, 1}, {67, 3, 5}, {1, 9, 8}, {2, 1, 1}, {35, 9, 6}};
enum { GRIDS = 6 };
static void field_shape(twin *f, mv_dtype type, int g, double amount, int layout) {
    const int comps = grids[g][2] == 1 ? 2 : 3;
    field_make(f, type, grids[g][0], grids[g][1], grids[g][2], comps, 1.7, amount, layout);
}
static void test_jacobian(void) {
    for (int g = 0; g < GRIDS; g++)
        for (int k = 0; k < 8; k++) {
            mv_jacobian_stats want, got, *there;
            mv_jacobian_opt o, od;
            mv_volume h, d;
            twin f, m;
            memset(&h, 0, sizeof h), memset(&d, 0, sizeof d), memset(&o, 0, sizeof o);
            field_shape(&f, k % 3 == 1 ? MEDVOL_I16 : MEDVOL_F32, g, k & 4 ? 9.0 : 2.0, k % LAYOUTS);
            if (k == 2) ((float *)f.host.data)[0] = NAN, send(&f);
            twin_make(&m, k & 2 ? MEDVOL_F32 : MEDVOL_U8, 3, grids[g], k % LAYOUTS);
            each(&m.host, [&](void *p) {
                if (k & 2) *(float *)p = draw() % 3 ? 1.0f : draw() % 2 ? 0.0f : NAN;
                else *(unsigned char *)p = (unsigned char)(draw() % 3);
            });
            send(&m);
            o.strict = k & 1;
            if (k & 2) o.mask = &m.host;
            od = o;
            if (k & 2) od.mask = &m.device;
            CHECK(dev_new(&there, sizeof *there));
            snprintf(about, sizeof about, "grid %d kind %d", g, k);
            CHECK_STATUS(mv_field_jacobian(&cpu, &h, &want, &f.host, &o), MEDVOL_OK);
            CHECK_SETTLED(mv_cuda_field_jacobian(&gpu, &d, there, &f.device, &od), MEDVOL_OK);
            same_bytes(&h, &d, 0, __LINE__);
            CHECK(dev_get(&got, there, sizeof got));
            keep(&got, sizeof got);
            CHECK(got.voxels == want.voxels && got.folded == want.folded && got.invalid == want.invalid);
            CHECK(got.share == want.share);
            CHECK((got.least == want.least && got.greatest == want.greatest) || want.voxels == 0);
            CHECK(want.voxels == 0 || fabs(got.mean - want.mean) <= 1e-9 * (1.0 + fabs(want.greatest)));
            CHECK(want.voxels == want.folded || (fabs(got.log_mean - want.log_mean) < 1e-6 &&
                                                 fabs(got.log_sd - want.log_sd) < 1e-6));
            CHECK_SETTLED(mv_cuda_field_jacobian(&gpu, NULL, there, &f.device, &od), MEDVOL_OK);
            CHECK(dev_get(&want, there, sizeof want) && !memcmp(&want, &got, sizeof got));
            dev_free(there);
            mv_volume_free(&cpu, &h), mv_cuda_volume_free(&gpu, &d);
            twin_free(&f), twin_free(&m);
        }
}
static void test_exp(void) {
    for (int g = 0; g < GRIDS; g++)
        for (int k = 0; k < 7; k++) {
            static const int steps[] = {0, 0, 1, 4, 7, 0, 0};
            mv_field_exp_opt o;
            twin f;
            if (spared()) continue;
            memset(&o, 0, sizeof o);
            o.steps = steps[k];
            o.inverse = k % 2;
            field_shape(&f, k == 5 ? MEDVOL_F64 : MEDVOL_F32, g, k == 6 ? 0.2 : 6.0, k % LAYOUTS);
            if (k == 4) ((float *)f.host.data)[0] = NAN, send(&f);
            snprintf(about, sizeof about, "grid %d kind %d", g, k);
            both(&f, 6e-5, k % 2, [&](mv_volume *d, const mv_volume *v) { return mv_field_exp(&cpu, d, v, &o); },
                 [&](mv_volume *d, const mv_volume *v) { return mv_cuda_field_exp(&gpu, d, v, &o); }, __LINE__);
            if (f.host.dtype == MEDVOL_F32) { /* over itself */
                CHECK_STATUS(mv_field_exp(&cpu, &f.host, &f.host, &o), MEDVOL_OK);
                CHECK_SETTLED(mv_cuda_field_exp(&gpu, &f.device, &f.device, &o), MEDVOL_OK);
                alike(&f.host, &f.device, 6e-5, __LINE__);
            }
            twin_free(&f);
        }
}
/* One long vector, wherever it is, says how often is squared */
static void test_exp_longest(void) {
    static const size_t at[][3] = {{0, 0, 0}, {31, 2, 1}, {32, 0, 0}, {63, 5, 2}, {64, 8, 3}, {69, 8, 3}};
    const size_t dim[5] = {70, 9, 4, 1, 3};
    for (size_t k = 0; k < sizeof at / sizeof *at; k++) {
        mv_volume h, d;
        twin f;
        memset(&h, 0, sizeof h), memset(&d, 0, sizeof d);
        twin_make(&f, MEDVOL_F32, 5, dim, PLAIN);
        memset(f.block, 0, f.bytes);
        for (size_t c = 0; c < 3; c++)
            ((float *)f.host.data)[at[k][0] + 70 * (at[k][1] + 9 * (at[k][2] + 4 * c))] = 3.0f - (float)c;
        send(&f);
        snprintf(about, sizeof about, "long at %zu, %zu, %zu", at[k][0], at[k][1], at[k][2]);
        CHECK_STATUS(mv_field_exp(&cpu, &h, &f.host, NULL), MEDVOL_OK);
        CHECK_SETTLED(mv_cuda_field_exp(&gpu, &d, &f.device, NULL), MEDVOL_OK);
        alike(&h, &d, 6e-5, __LINE__);
        mv_volume_free(&cpu, &h), mv_cuda_volume_free(&gpu, &d);
        twin_free(&f);
    }
}
static void test_invert(void) {
    struct told { double residual; size_t failed; } want, got, *there;
    CHECK(dev_new(&there, sizeof *there));
    for (int g = 0; g < GRIDS; g++)
        for (int k = 0; k < 4; k++) {
            mv_field_invert_opt o, od;
            twin f;
            memset(&o, 0, sizeof o);
            o.tolerance = k == 1 ? 1e-3 : 0;
            o.residual = &want.residual, o.failed = &want.failed;
            od = o;
            od.residual = &there->residual, od.failed = &there->failed;
            field_shape(&f, k == 2 ? MEDVOL_F64 : MEDVOL_F32, g, 1.2, k % LAYOUTS);
            if (k == 3) ((float *)f.host.data)[0] = INFINITY, send(&f);
            snprintf(about, sizeof about, "grid %d kind %d", g, k);
            both(&f, 0.01 * 1.7 * 1.3 * 2.0, k % 2,
                 [&](mv_volume *d, const mv_volume *v) { return mv_field_invert(&cpu, d, v, &o); },
                 [&](mv_volume *d, const mv_volume *v) { return mv_cuda_field_invert(&gpu, d, v, &od); }, __LINE__);
            CHECK(dev_get(&got, there, sizeof got));
            CHECK(got.failed == want.failed && got.failed == 0);
            CHECK(got.residual <= (k == 1 ? 1e-3 : 0.01));
            if (f.host.dtype == MEDVOL_F32) {
                CHECK_STATUS(mv_field_invert(&cpu, &f.host, &f.host, &o), MEDVOL_OK);
                CHECK_SETTLED(mv_cuda_field_invert(&gpu, &f.device, &f.device, &od), MEDVOL_OK);
                alike(&f.host, &f.device, 0.05, __LINE__);
            }
            twin_free(&f);
        }
    { /* folds: no inverse; dst stays, or the best is taken */
        mv_field_invert_opt o, od;
        mv_volume h;
        twin f, d;
        memset(&o, 0, sizeof o), memset(&h, 0, sizeof h);
        o.residual = &want.residual, o.failed = &want.failed;
        od = o;
        od.residual = &there->residual, od.failed = &there->failed;
        field_shape(&f, MEDVOL_F32, 0, 25.0, PLAIN);
        twin_make(&d, MEDVOL_F32, 5, f.host.dim, PLAIN);
        snprintf(about, sizeof about, "folded");
        CHECK_STATUS(mv_field_invert(&cpu, &h, &f.host, &o), MEDVOL_E_CONVERGENCE);
        CHECK_SETTLED(mv_cuda_field_invert(&gpu, &d.device, &f.device, &od), MEDVOL_E_CONVERGENCE);
        CHECK(dev_get(&got, there, sizeof got) && got.failed > 0 && got.residual > 0.01);
        /* which voxels fail is chance where it folds; how many is not */
        CHECK(want.failed > 0 && fabs((double)got.failed - (double)want.failed) < 0.08 * (double)want.failed + 2);
        if (getenv("TRAFFIC")) printf("folded: %zu and %zu fail\n", want.failed, got.failed);
        {
            unsigned char *now = (unsigned char *)malloc(d.bytes);
            CHECK(dev_get(now, d.there, d.bytes) && !memcmp(now, d.block, d.bytes));
            free(now);
        }
        od.best = 1;
        CHECK_SETTLED(mv_cuda_field_invert(&gpu, &d.device, &f.device, &od), MEDVOL_OK);
        for (int kind = 0; kind < 4; kind++) { /* a chain with such an inverse: nothing is written */
            const shape s = {3, {9, 8, 7}};
            mv_transform t[2];
            mv_volume grid;
            twin a;
            memset(t, 0, sizeof t);
            t[0].kind = MEDVOL_TRANSFORM_AFFINE;
            mv_affine_identity(t[0].affine);
            t[0].affine[3] = 1.0;
            t[1].kind = MEDVOL_TRANSFORM_FIELD, t[1].inverse = 1, t[1].field = &f.device;
            grid_make(&grid, 9, 8, 7, 0);
            twin_make(&a, MEDVOL_F32, &s, PLAIN);
            twin_free(&d);
            if (kind == 2) twin_make(&d, MEDVOL_F64, &s, PLAIN);
            else if (kind == 3) {
                const size_t dim[5] = {9, 8, 7, 1, 3};
                twin_make(&d, MEDVOL_F32, 5, dim, PLAIN);
            } else twin_make(&d, kind ? MEDVOL_I16 : MEDVOL_F32, &s, PLAIN);
            tame(&a);
            if (kind < 2)
                CHECK_SETTLED(mv_cuda_warp(&gpu, &d.device, &a.device, &grid, t, 2, NULL), MEDVOL_E_CONVERGENCE);
            else if (kind == 2) {
                double *p = (double *)(void *)d.there, *q = p + 20, *r = p + 40;
                CHECK_SETTLED(mv_cuda_transform_points(&gpu, p, q, r, p, q, r, 20, t, 2), MEDVOL_E_CONVERGENCE);
            } else CHECK_SETTLED(mv_cuda_transform_field(&gpu, &d.device, &grid, t, 2), MEDVOL_E_CONVERGENCE);
            unsigned char *now = (unsigned char *)malloc(d.bytes);
            CHECK(dev_get(now, d.there, d.bytes) && !memcmp(now, d.block, d.bytes));
            free(now);
            twin_free(&a);
        }
        twin_free(&f), twin_free(&d);
    }
    dev_free(there);
}
static void test_field_refused(void) {
    const shape s = {3, {9, 8, 7}};
    mv_transform t, u;
    mv_volume grid, h, d, view;
    mv_warp_opt o;
    twin a, f, g, c, k;
    mv_jacobian_stats stats;
    mv_field_exp_opt e;
    mv_field_invert_opt v;
    mv_jacobian_opt j, jd;
    double residual, keep12[12];
    memset(&o, 0, sizeof o), memset(&h, 0, sizeof h), memset(&d, 0, sizeof d), memset(&t, 0, sizeof t);
    memset(&e, 0, sizeof e), memset(&v, 0, sizeof v), memset(&j, 0, sizeof j);
    field_make(&f, MEDVOL_F32, 9, 8, 7, 3, 1.5, 1.0, PLAIN), field_make(&g, MEDVOL_F32, 9, 8, 1, 2, 1.5, 1.0, PLAIN);
    twin_make(&a, MEDVOL_F32, &s, PLAIN), twin_make(&c, MEDVOL_C64, &s, PLAIN), twin_make(&k, MEDVOL_U8, &s, PLAIN);
    grid_make(&grid, 9, 8, 7, 0.1);
    snprintf(about, sizeof about, "refused");
#define WARP(status, hh, hs, hg, ht, dd, ds, dt, n)                                                       \
    REFUSED(status, mv_warp(&cpu, hh, hs, hg, ht, n, &o), mv_cuda_warp(&gpu, dd, ds, hg, dt, n, &o))
    t.kind = MEDVOL_TRANSFORM_FIELD, t.field = &f.host;
    u = t, u.field = &f.device;
    WARP(MEDVOL_E_NULL, NULL, &a.host, &grid, &t, NULL, &a.device, &u, 1);
    WARP(MEDVOL_E_NULL, &h, NULL, &grid, &t, &d, NULL, &u, 1);
    WARP(MEDVOL_E_NULL, &h, &a.host, NULL, &t, &d, &a.device, &u, 1);
    WARP(MEDVOL_E_NULL, &h, &a.host, &grid, NULL, &d, &a.device, NULL, 1);
    WARP(MEDVOL_E_DTYPE, &h, &c.host, &grid, &t, &d, &c.device, &u, 1);
    o.interp = (mv_interp)7;
    WARP(MEDVOL_E_RANGE, &h, &a.host, &grid, &t, &d, &a.device, &u, 1);
    o.interp = MEDVOL_LANCZOS;
    WARP(MEDVOL_E_UNSUPPORTED, &h, &a.host, &grid, &t, &d, &a.device, &u, 1);
    o.interp = MEDVOL_CUBIC, o.labels = 1;
    WARP(MEDVOL_E_RANGE, &h, &k.host, &grid, &t, &d, &k.device, &u, 1);
    o.interp = MEDVOL_LINEAR;
    WARP(MEDVOL_E_DTYPE, &h, &a.host, &grid, &t, &d, &a.device, &u, 1);
    o.labels = 0, o.border = MEDVOL_BORDER_WRAP;
    WARP(MEDVOL_E_UNSUPPORTED, &h, &a.host, &grid, &t, &d, &a.device, &u, 1);
    o.border = (mv_border)9;
    WARP(MEDVOL_E_RANGE, &h, &a.host, &grid, &t, &d, &a.device, &u, 1);
    o.border = MEDVOL_BORDER_DEFAULT, o.value = INFINITY;
    WARP(MEDVOL_E_RANGE, &h, &a.host, &grid, &t, &d, &a.device, &u, 1);
    o.value = 0, o.dtype = MEDVOL_C64;
    WARP(MEDVOL_E_DTYPE, &h, &a.host, &grid, &t, &d, &a.device, &u, 1);
    o.dtype = (mv_dtype)999;
    WARP(MEDVOL_E_DTYPE, &h, &a.host, &grid, &t, &d, &a.device, &u, 1);
    o.dtype = MEDVOL_NONE;
    o.interp = MEDVOL_NEAREST, o.value = 3;
    WARP(MEDVOL_E_DTYPE, &h, &c.host, &grid, &t, &d, &c.device, &u, 1);
    o.interp = MEDVOL_LINEAR, o.value = 0;
    memcpy(keep12, a.host.affine, sizeof keep12);
    memset(a.host.affine, 0, sizeof keep12), memset(a.device.affine, 0, sizeof keep12);
    WARP(MEDVOL_E_SINGULAR, &h, &a.host, &grid, &t, &d, &a.device, &u, 1);
    memcpy(a.host.affine, keep12, sizeof keep12), memcpy(a.device.affine, keep12, sizeof keep12);
    grid.dim[0] = 0;
    WARP(MEDVOL_E_SIZE, &h, &a.host, &grid, &t, &d, &a.device, &u, 1);
    grid.dim[0] = 9, grid.ndim = 8;
    WARP(MEDVOL_E_RANGE, &h, &a.host, &grid, &t, &d, &a.device, &u, 1);
    grid.ndim = 3;
    u.field = &f.host;
    CHECK_STATUS(mv_cuda_warp(&gpu, &d, &a.device, &grid, &u, 1, NULL), MEDVOL_E_POINTER);
    CHECK_STATUS(mv_cuda_warp(&gpu, &d, &a.host, &grid, &t, 1, NULL), MEDVOL_E_POINTER);
    t.kind = u.kind = (mv_transform_kind)0;
    WARP(MEDVOL_E_RANGE, &h, &a.host, &grid, &t, &d, &a.device, &u, 1);
    t.kind = u.kind = MEDVOL_TRANSFORM_AFFINE;
    WARP(MEDVOL_E_SINGULAR, &h, &a.host, &grid, &t, &d, &a.device, &u, 1);
    t.affine[0] = u.affine[0] = NAN;
    WARP(MEDVOL_E_RANGE, &h, &a.host, &grid, &t, &d, &a.device, &u, 1);
    t.kind = u.kind = MEDVOL_TRANSFORM_FIELD, t.field = &a.host, u.field = &a.device;
    WARP(MEDVOL_E_SHAPE, &h, &a.host, &grid, &t, &d, &a.device, &u, 1);
    t.field = NULL, u.field = NULL;
    WARP(MEDVOL_E_NULL, &h, &a.host, &grid, &t, &d, &a.device, &u, 1);
    g.host.affine[2] = g.device.affine[2] = 0.5, t.field = &g.host, u.field = &g.device;
    WARP(MEDVOL_E_SHAPE, &h, &a.host, &grid, &t, &d, &a.device, &u, 1);
    g.host.affine[2] = g.device.affine[2] = 0;
    t.field = &f.host, u.field = &f.device;
    view = a.host, view.affine[0] = view.affine[1] = view.affine[2] = 0;
    {
        mv_volume there = a.device;
        memcpy(there.affine, view.affine, sizeof there.affine);
        WARP(MEDVOL_E_SINGULAR, &h, &view, &grid, &t, &d, &there, &u, 1);
        view = a.host, there = a.device;
        view.data = f.host.data, there.data = f.device.data;
        WARP(MEDVOL_E_ALIAS, &view, &a.host, &grid, &t, &there, &a.device, &u, 1);
        memcpy(&view, &f.host, sizeof view), memcpy(&there, &f.device, sizeof there);
        view.affine[0] = there.affine[0] = 0, view.affine[4] = there.affine[4] = 0, view.affine[8] = there.affine[8] = 0;
        t.field = &view, u.field = &there;
        WARP(MEDVOL_E_SINGULAR, &h, &a.host, &grid, &t, &d, &a.device, &u, 1);
        t.field = &f.host, u.field = &f.device;
        REFUSED(MEDVOL_E_SINGULAR, mv_field_exp(&cpu, &h, &view, NULL), mv_cuda_field_exp(&gpu, &d, &there, NULL));
        REFUSED(MEDVOL_E_ALIAS, mv_transform_field(&cpu, &f.host, &grid, &t, 1),
                mv_cuda_transform_field(&gpu, &f.device, &grid, &u, 1));
    }
    REFUSED(MEDVOL_E_SHAPE, mv_field_exp(&cpu, &h, &a.host, NULL), mv_cuda_field_exp(&gpu, &d, &a.device, NULL));
    REFUSED(MEDVOL_E_SHAPE, mv_field_invert(&cpu, &h, &a.host, NULL), mv_cuda_field_invert(&gpu, &d, &a.device, NULL));
    REFUSED(MEDVOL_E_NULL, mv_transform_field(&cpu, NULL, &grid, &t, 1), mv_cuda_transform_field(&gpu, NULL, &grid, &u, 1));
    REFUSED(MEDVOL_E_NULL, mv_transform_field(&cpu, &h, NULL, &t, 1), mv_cuda_transform_field(&gpu, &d, NULL, &u, 1));
    REFUSED(MEDVOL_E_SHAPE, mv_transform_field(&cpu, &g.host, &grid, &t, 1),
            mv_cuda_transform_field(&gpu, &g.device, &grid, &u, 1));
    REFUSED(MEDVOL_E_NULL, mv_field_jacobian(&cpu, NULL, NULL, &f.host, NULL),
            mv_cuda_field_jacobian(&gpu, NULL, NULL, &f.device, NULL));
    REFUSED(MEDVOL_E_SHAPE, mv_field_jacobian(&cpu, &h, NULL, &a.host, NULL),
            mv_cuda_field_jacobian(&gpu, &d, NULL, &a.device, NULL));
    CHECK_STATUS(mv_cuda_field_jacobian(&gpu, NULL, &stats, &f.device, NULL), MEDVOL_E_POINTER);
    j.mask = &f.host, jd = j, jd.mask = &f.device;
    REFUSED(MEDVOL_E_SHAPE, mv_field_jacobian(&cpu, &h, NULL, &f.host, &j),
            mv_cuda_field_jacobian(&gpu, &d, NULL, &f.device, &jd));
    j.mask = &c.host, jd.mask = &c.device;
    REFUSED(MEDVOL_E_DTYPE, mv_field_jacobian(&cpu, &h, NULL, &f.host, &j),
            mv_cuda_field_jacobian(&gpu, &d, NULL, &f.device, &jd));
    j.mask = &a.host, jd.mask = &a.device;
    REFUSED(MEDVOL_E_ALIAS, mv_field_jacobian(&cpu, &a.host, NULL, &f.host, &j),
            mv_cuda_field_jacobian(&gpu, &a.device, NULL, &f.device, &jd));
    e.steps = 31;
    REFUSED(MEDVOL_E_RANGE, mv_field_exp(&cpu, &h, &f.host, &e), mv_cuda_field_exp(&gpu, &d, &f.device, &e));
    REFUSED(MEDVOL_E_NULL, mv_field_exp(&cpu, &h, NULL, NULL), mv_cuda_field_exp(&gpu, &d, NULL, NULL));
    v.tolerance = 1e-7;
    REFUSED(MEDVOL_E_RANGE, mv_field_invert(&cpu, &h, &f.host, &v), mv_cuda_field_invert(&gpu, &d, &f.device, &v));
    v.tolerance = 0, v.iterations = -1;
    REFUSED(MEDVOL_E_RANGE, mv_field_invert(&cpu, &h, &f.host, &v), mv_cuda_field_invert(&gpu, &d, &f.device, &v));
    v.iterations = 0, v.residual = &residual;
    CHECK_STATUS(mv_cuda_field_invert(&gpu, &d, &f.device, &v), MEDVOL_E_POINTER);
    CHECK(d.data == NULL);
    grid.affine[3] = 2e9; /* farther away than positions are kept */
    CHECK_STATUS(mv_cuda_warp(&gpu, &d, &a.device, &grid, &u, 1, NULL), MEDVOL_E_UNSUPPORTED);
    CHECK(d.data == NULL);
    mv_volume_free(&cpu, &h);
    twin_free(&a), twin_free(&f), twin_free(&g), twin_free(&c), twin_free(&k);
}
static void test_field_capture(void) {
    const shape s = {4, {19, 17, 13, 2}};
    static const int chains[] = {2, 4, 5, 7, 10, 11};
    mv_volume grid;
    mv_warp_opt o;
    twin a, f;
    memset(&o, 0, sizeof o);
    snprintf(about, sizeof about, "captured");
    field_make(&f, MEDVOL_F32, 13, 12, 9, 3, 1.7, 1.0, PLAIN);
    image_make(&a, MEDVOL_F32, &s, PLAIN);
    grid_make(&grid, 21, 18, 7, 0.1);
    for (int k = 0; k < 6; k++) {
        chain c;
        chain_make(&c, chains[k], 0);
        o.interp = k % 2 ? MEDVOL_LINEAR : MEDVOL_CUBIC;
        runs_captured([&](mv_volume *d) { return mv_cuda_warp(&gpu, d, &a.device, &grid, c.device, c.n, &o); }, __LINE__);
        runs_captured([&](mv_volume *d) { return mv_cuda_transform_field(&gpu, d, &grid, c.device, c.n); }, __LINE__);
        chain_free(&c);
    }
    runs_captured([&](mv_volume *d) { return mv_cuda_field_jacobian(&gpu, d, NULL, &f.device, NULL); }, __LINE__);
    runs_captured([&](mv_volume *d) { return mv_cuda_field_exp(&gpu, d, &f.device, NULL); }, __LINE__);
    runs_captured([&](mv_volume *d) { return mv_cuda_field_invert(&gpu, d, &f.device, NULL); }, __LINE__);
    twin_free(&a), twin_free(&f);
}
/* ---- memory: sectors a request and passes through shared memory, where the hooks count them ---- */
static void test_traffic(void) {
    const shape cube = {3, {64, 64, 64}};
    mv_gaussian_opt o;
    emu_counts n;
    mv_volume d, grid;
    twin a;
    if (!emu_check()) return;
    emu_profiling(1);
    twin_make(&a, MEDVOL_F32, &cube, PLAIN);
    tame(&a);
    memset(&o, 0, sizeof o), memset(&d, 0, sizeof d);
    o.voxels = 1;
    for (int r = 1; r <= 8; r += r == 1 ? 3 : 4) {
        const double s = (r + 0.2) / 4.0, sigma[3] = {s, s, s};
        const double voxels = 64.0 * 64 * 64, tile = (double)((33 + 2 * r) * (32 + 2 * r)) / 1024.0;
        CHECK_SETTLED(mv_cuda_gaussian(&gpu, &d, &a.device, sigma, &o), MEDVOL_OK);
        emu_profile(&n);
        snprintf(about, sizeof about, "Gaussian of radius %d: %.2f and %.2f times the sectors, %.3f passes", r,
                 (double)n.load_sectors * 32 / (4 * voxels), (double)n.store_sectors * 32 / (4 * voxels),
                 (double)n.shared_passes / (double)n.shared_requests);
        if (getenv("TRAFFIC")) printf("%s\n", about);
        CHECK((double)n.load_sectors * 32 < 4 * voxels * tile * (1.0 + 2.0 * r / (4 * r + 1)) * 1.4);
        CHECK((double)n.store_sectors * 32 < 4 * voxels * 1.05);
        CHECK((double)n.shared_passes < 1.45 * (double)n.shared_requests); /* rows of a warp wrap into the next chunk */
    }
    mv_cuda_volume_free(&gpu, &d);
    for (int k = 0; k < 3; k++) {
        static const double most[3] = {8.5, 9.2, 11.0}; /* of warps of 16 x 2 voxels */
        mv_transform t[2];
        twin f;
        memset(t, 0, sizeof t);
        field_make(&f, MEDVOL_F32, 64, 64, 64, 3, 1.0, 1.5, PLAIN);
        mv_affine_identity(f.device.affine);
        mv_affine_identity(a.device.affine);
        memset(&grid, 0, sizeof grid);
        grid = f.device;
        grid.ndim = 3;
        t[0].kind = MEDVOL_TRANSFORM_FIELD, t[0].field = &f.device;
        t[1].kind = MEDVOL_TRANSFORM_AFFINE;
        mv_affine_identity(t[1].affine);
        t[1].affine[0] = t[1].affine[5] = cos(0.2618 * k), t[1].affine[1] = -sin(0.2618 * k);
        t[1].affine[4] = sin(0.2618 * k);
        CHECK_SETTLED(mv_cuda_warp(&gpu, &d, &a.device, &grid, t, 2, NULL), MEDVOL_OK);
        emu_profile(&n);
        snprintf(about, sizeof about, "warp at %d degrees: %.2f sectors a request", 15 * k,
                 (double)n.load_sectors / (double)n.load_requests);
        if (getenv("TRAFFIC")) printf("%s\n", about);
        CHECK((double)n.load_sectors < most[k] * (double)n.load_requests);
        mv_cuda_volume_free(&gpu, &d);
        twin_free(&f);
    }
    twin_free(&a);
    emu_profiling(0);
}
static void test_field_limits(void) { /* 2^28 along an axis of a field, 2^30 of a grid, rows */
    const size_t rows = 3000000;
    mv_transform t;
    memset(&t, 0, sizeof t);
    t.kind = MEDVOL_TRANSFORM_FIELD;
    snprintf(about, sizeof about, "limits");
    AFAR {
        const mv_volume src = afar(MEDVOL_F32, 8, 8, 8), grid = afar(MEDVOL_U8, 8, 8, 8), tall = afar(MEDVOL_U8, 2, rows),
                        wide = afar(MEDVOL_F32, ((size_t)1 << 28) + 1, 1, 1, 1, 3), some = afar(MEDVOL_F32, 8, 8, 8, 1, 3),
                        high = afar(MEDVOL_F32, 2, rows, 1, 1, 3), vast = afar(MEDVOL_F32, (size_t)1 << 31, 1, 1, 1, 3);
        mv_volume d = afar(MEDVOL_F32, 8, 8, 8), j = afar(MEDVOL_F32, (size_t)1 << 31), up = afar(MEDVOL_F32, 2, rows),
                  out = afar(MEDVOL_F32, 2, rows, 1, 1, 3);
        t.field = &wide;
        CHECK_STATUS(mv_cuda_warp(&gpu, &d, &src, &grid, &t, 1, NULL), MEDVOL_E_UNSUPPORTED);
        t.field = &some;
        CHECK_STATUS(mv_cuda_warp(&gpu, &up, &src, &tall, &t, 1, NULL), MEDVOL_E_UNSUPPORTED);
        CHECK_STATUS(mv_cuda_transform_field(&gpu, &out, &tall, &t, 1), MEDVOL_E_UNSUPPORTED);
        CHECK_STATUS(mv_cuda_field_jacobian(&gpu, &j, NULL, &vast, NULL), MEDVOL_E_UNSUPPORTED);
        CHECK_STATUS(mv_cuda_field_jacobian(&gpu, &up, NULL, &high, NULL), MEDVOL_E_UNSUPPORTED);
        CHECK_STATUS(mv_cuda_field_invert(&gpu, &out, &high, NULL), MEDVOL_E_UNSUPPORTED);
    }
}
SUITE(field, {"warp", test_warp}, {"limits", test_field_limits}, {"cubic", test_cubic}, {"elements", test_elements}, {"ties", test_ties},
      {"transforms", test_transforms},
      {"world", test_warp_world}, {"jacobian", test_jacobian}, {"exp", test_exp}, {"exp_longest", test_exp_longest},
      {"invert", test_invert},
      {"refused", test_field_refused}, {"capture", test_field_capture},
      {"traffic", test_traffic});
