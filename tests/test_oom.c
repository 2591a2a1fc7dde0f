/* test_oom.c - every operation with its first, second, ... allocation refused, once and from then on:
   MEDVOL_E_NOMEM with a message, nothing leaks, a destination stays as it was, the context goes on working.
   `make oom` prints how many allocations were refused in all. To add an operation: a function and a row. */
#include "test.h"

static mv_volume head, small_grid; /* inputs, made without the failing hooks */
static mv_buffer plain, packed;
static const double fine[3] = {1.1, 1.2, 0.9},
                    turned[12] = {0.9, -0.2, 0.1, 1, 0.2, 0.9, -0.1, 1, 0, 0.1, 0.8, 1};
static const size_t shape[3] = {20, 25, 18};
static int untouched; /* the last failing call left its destination alone */

static void make_inputs(void) {
    size_t dim[3] = {21, 17, 13}, i;
    mv_save_opt o;
    memset(&o, 0, sizeof o);
    if (mv_volume_alloc(NULL, &head, MEDVOL_F32, 3, dim) < 0) abort();
    for (i = 0; i < 21 * 17 * 13; i++) ((float *)head.data)[i] = (float)(i % 97) - 20.0f;
    head.affine[1] = 0.3, head.affine[4] = -0.2;
    if (mv_nifti_ext_add(NULL, &head, 6, "a comment to carry along", 25) < 0) abort();
    if (mv_volume_view(NULL, &small_grid, &head, (const size_t[3]){2, 2, 2}, (const size_t[3]){9, 9, 9}) < 0)
        abort();
    if (mv_save_mem(NULL, &plain, NULL, &head, &o) < 0) abort();
    o.gzip = 1;
    if (mv_save_mem(NULL, &packed, NULL, &head, &o) < 0) abort();
}
static void free_inputs(void) {
    mv_volume_free(NULL, &head);
    mv_buffer_free(NULL, &plain);
    mv_buffer_free(NULL, &packed);
}
/* an operation into a new destination, and onto a copy of its source */
#define NEW(name, call)                                                                                      \
    static mv_status name(mv_ctx *c) {                                                                       \
        mv_volume d, none;                                                                                   \
        mv_status st;                                                                                        \
        memset(&d, 0, sizeof d);                                                                             \
        none = d;                                                                                            \
        st = (call);                                                                                         \
        untouched = st == MEDVOL_OK || !memcmp(&d, &none, sizeof d);                                         \
        mv_volume_free(c, &d);                                                                               \
        return st;                                                                                           \
    }
#define SELF(name, call)                                                                                     \
    static mv_status name(mv_ctx *c) {                                                                       \
        mv_volume d, was;                                                                                    \
        mv_status st;                                                                                        \
        memset(&d, 0, sizeof d);                                                                             \
        st = mv_volume_copy(c, &d, &head);                                                                   \
        was = d;                                                                                             \
        if (st == MEDVOL_OK) st = (call);                                                                    \
        untouched = st == MEDVOL_OK || (!memcmp(&d, &was, sizeof d) &&                                       \
            (!d.data || !memcmp(d.data, head.data, 21 * 17 * 13 * 4)));                                      \
        mv_volume_free(c, &d);                                                                               \
        return st;                                                                                           \
    }
static mv_resample_opt with(mv_interp k, int antialias, mv_border b) {
    mv_resample_opt o;
    memset(&o, 0, sizeof o);
    o.interp = k, o.antialias = antialias, o.border = b;
    return o;
}
static mv_pad_opt pad_mode(mv_pad_mode m) {
    mv_pad_opt o;
    memset(&o, 0, sizeof o);
    o.mode = m;
    return o;
}
#define RS(k, a, b) (&(mv_resample_opt[1]){with(k, a, b)}[0])
#define PAD(m) (&(mv_pad_opt[1]){pad_mode(m)}[0])
#define Z3(a, b, c3) ((const size_t[3]){a, b, c3})
NEW(op_copy, mv_volume_copy(c, &d, &head))
NEW(op_convert, mv_convert(c, &d, &head, MEDVOL_I16, NULL))
SELF(op_convert_self, mv_convert(c, &d, &d, MEDVOL_F64, NULL))
NEW(op_load, mv_load_mem(c, &d, plain.data, plain.bytes, NULL))
NEW(op_load_gzip, mv_load_mem(c, &d, packed.data, packed.bytes, NULL))
NEW(op_load_as, mv_load_mem(c, &d, packed.data, packed.bytes, &(mv_load_opt){.dtype = MEDVOL_F64}))
NEW(op_load_crop,
    mv_load_mem(
        c, &d, packed.data, packed.bytes, &(mv_load_opt){.crop = 3, .start = {3, 4, 5}, .size = {9, 9, 4}}))
NEW(op_load_header, mv_load_header_mem(c, &d, packed.data, packed.bytes, NULL))
NEW(op_crop, mv_crop(c, &d, &head, Z3(1, 2, 3), Z3(10, 10, 10), NULL))
NEW(op_pad, mv_pad(c, &d, &head, Z3(3, 2, 1), Z3(1, 0, 30), PAD(MEDVOL_PAD_CONSTANT)))
NEW(op_pad_wrap, mv_pad(c, &d, &head, Z3(50, 2, 1), Z3(1, 0, 30), PAD(MEDVOL_PAD_WRAP)))
NEW(op_pad_reflect, mv_pad(c, &d, &head, Z3(50, 2, 1), Z3(1, 0, 30), PAD(MEDVOL_PAD_REFLECT)))
NEW(op_pad_mean, mv_pad(c, &d, &head, Z3(3, 2, 1), Z3(1, 1, 3), PAD(MEDVOL_PAD_MEAN)))
SELF(op_pad_self, mv_pad(c, &d, &d, Z3(3, 2, 1), Z3(1, 1, 3), PAD(MEDVOL_PAD_EDGE)))
NEW(op_crop_or_pad, mv_crop_or_pad(c, &d, &head, shape, NULL))
NEW(op_foreground, mv_crop_foreground(c, &d, &head, &(mv_foreground_opt){.above = 1, .threshold = 60}))
NEW(op_flip, mv_flip(c, &d, &head, 5))
SELF(op_permute, mv_permute(c, &d, &d, (const int[3]){2, 0, 1}))
NEW(op_rot90, mv_rot90(c, &d, &head, 1, 0, 1))
SELF(op_reorient, mv_reorient(c, &d, &d, "PSL", NULL))
NEW(op_rs_linear, mv_resample_spacing(c, &d, &head, fine, NULL))
SELF(op_rs_self, mv_resample_spacing(c, &d, &d, fine, NULL))
NEW(op_rs_cubic, mv_resample_spacing(c, &d, &head, fine, RS(MEDVOL_CUBIC, 0, MEDVOL_BORDER_MIRROR)))
NEW(op_rs_small, mv_resample_shape(c, &d, &head, Z3(9, 8, 7), RS(MEDVOL_LINEAR, 1, MEDVOL_BORDER_DEFAULT)))
NEW(op_rs_small_cubic, mv_resample_shape(c, &d, &head, Z3(9, 8, 7), RS(MEDVOL_CUBIC, 1, MEDVOL_BORDER_EDGE)))
NEW(op_rs_near, mv_resample_shape(c, &d, &head, shape, RS(MEDVOL_NEAREST, 0, MEDVOL_BORDER_DEFAULT)))
NEW(op_rs_like, mv_resample_like(c, &d, &head, &small_grid, RS(MEDVOL_LANCZOS, 0, MEDVOL_BORDER_CONSTANT)))
NEW(op_rs_affine,
    mv_resample_affine(c, &d, &head, turned, shape, RS(MEDVOL_LINEAR, 0, MEDVOL_BORDER_CONSTANT)))
NEW(op_rs_affine_cubic,
    mv_resample_affine(c, &d, &head, turned, shape, RS(MEDVOL_CUBIC, 0, MEDVOL_BORDER_WRAP)))
NEW(op_rs_affine_conv,
    mv_resample_affine(c, &d, &head, turned, shape, RS(MEDVOL_CUBIC_CONV, 1, MEDVOL_BORDER_EDGE)))
NEW(op_rs_affine_sinc,
    mv_resample_affine(c, &d, &head, turned, shape, RS(MEDVOL_LANCZOS, 0, MEDVOL_BORDER_MIRROR)))
NEW(op_znorm, mv_znorm(c, &d, &head, NULL))
NEW(op_znorm_split, mv_znorm(c, &d, &head, &(mv_znorm_opt){.split = 3, .nonzero = 1}))
NEW(op_rescale, mv_rescale(c, &d, &head, 0, 1, NULL))
NEW(op_rescale_pct,
    mv_rescale(c, &d, &head, 0, 1,
        &(mv_rescale_opt){.range = MEDVOL_RANGE_PERCENTILE, .lo = 1, .hi = 99, .clip = 1}))
NEW(op_linear, mv_linear(c, &d, &head, 2, 1))
NEW(op_clamp, mv_clamp(c, &d, &head, 0, 50))
NEW(op_threshold, mv_threshold(c, &d, &head, 0, 50, &(mv_threshold_opt){.binary = 1}))
NEW(op_gamma, mv_gamma(c, &d, &head, 0.7, &(mv_gamma_opt){.mode = MEDVOL_GAMMA_NORMALISED}))
NEW(op_render, mv_render_planes(c, &d, &head, NULL))
static mv_status op_ext_add(mv_ctx *c) {
    mv_volume d, was;
    mv_status st;
    memset(&d, 0, sizeof d);
    st = mv_volume_copy(c, &d, &head);
    was = d;
    if (st == MEDVOL_OK) st = mv_nifti_ext_add(c, &d, 4, "more", 5);
    untouched = st == MEDVOL_OK || !memcmp(&d, &was, sizeof d);
    mv_volume_free(c, &d);
    return st;
}
static mv_status save_with(mv_ctx *c, const mv_save_opt *o) {
    mv_buffer b, img;
    mv_status st;
    memset(&b, 0, sizeof b);
    memset(&img, 0, sizeof img);
    st = mv_save_mem(c, &b, &img, &head, o);
    untouched = st == MEDVOL_OK || (b.data == NULL && img.data == NULL);
    mv_buffer_free(c, &b);
    mv_buffer_free(c, &img);
    return st;
}
static mv_status op_save(mv_ctx *c) { return save_with(c, NULL); }
static mv_status op_save_gzip(mv_ctx *c) {
    return save_with(c, &(mv_save_opt){.gzip = 1, .level = 6, .member = 4096});
}
static mv_status op_save_int(mv_ctx *c) {
    return save_with(c, &(mv_save_opt){.dtype = MEDVOL_I16, .version = 2, .big_endian = 1});
}
static mv_status op_save_pair(mv_ctx *c) { return save_with(c, &(mv_save_opt){.pair = 1, .gzip = 1}); }
static mv_status op_save_file(mv_ctx *c) {
    untouched = 1;
    return mv_save(c, &head, t_path("oom.nii.gz"), &(mv_save_opt){.no_sync = 1});
}
NEW(op_load_file, mv_load(c, &d, t_path("oom_in.nii.gz"), NULL))
NEW(op_map, mv_map(c, &d, t_path("oom_in.nii"), NULL))
static mv_status op_png(mv_ctx *c) {
    mv_volume pic;
    mv_status st;
    untouched = 1;
    memset(&pic, 0, sizeof pic);
    st = mv_render_planes(NULL, &pic, &head, NULL);
    if (st == MEDVOL_OK) st = mv_save_png(c, &pic, t_path("oom.png"), NULL);
    mv_volume_free(NULL, &pic);
    return st;
}
static mv_status op_stats(mv_ctx *c) {
    mv_statistics s[21];
    untouched = 1;
    return mv_stats(c, s, &head, &(mv_stats_opt){.split = 1, .mask = &head});
}
static mv_status op_percentiles(mv_ctx *c) {
    double out[3];
    untouched = 1;
    return mv_percentiles(c, out, &head, (const double[3]){1, 50, 99}, 3, NULL);
}
static mv_status op_histogram(mv_ctx *c) {
    uint64_t counts[64];
    mv_hist h;
    memset(&h, 0, sizeof h);
    h.counts = counts;
    h.bins = 64;
    untouched = 1;
    return mv_histogram(c, &h, &head, NULL);
}
static unsigned char room[1 << 18];
static mv_status op_deflate(mv_ctx *c) {
    size_t made;
    untouched = 1;
    return mv_deflate(c, room, sizeof room, head.data, 18000, 6, &made);
}
static mv_status op_deflate_fast(mv_ctx *c) {
    size_t made;
    untouched = 1;
    return mv_deflate_zlib(c, room, sizeof room, head.data, 18000, 1, &made);
}
static mv_status op_pack(mv_ctx *c) {
    size_t made;
    untouched = 1;
    return mv_gzip_pack(c, room, sizeof room, head.data, 18000, &(mv_gzip_opt){.member = 3000}, &made);
}
static mv_status op_unpack(mv_ctx *c) {
    untouched = 1;
    return mv_gzip_unpack(c, room, sizeof room, packed.data, packed.bytes, NULL);
}
static mv_status op_reader(mv_ctx *c) {
    mv_gzip_reader *r = NULL;
    size_t got;
    mv_status st = mv_gzip_open_mem(c, &r, packed.data, packed.bytes);
    if (st == MEDVOL_OK) st = mv_gzip_read(c, r, room, 500, &got);
    if (st == MEDVOL_OK) st = mv_gzip_finish(c, r, UINT64_MAX, NULL);
    mv_gzip_close(c, r);
    untouched = 1;
    return st;
}
static mv_status op_index(mv_ctx *c) {
    mv_gzip_index x;
    mv_status st;
    memset(&x, 0, sizeof x);
    st = mv_gzip_index_mem(c, &x, packed.data, packed.bytes);
    if (st == MEDVOL_OK) st = mv_gzip_index_unpack(c, &x, room, 100, 900, packed.data, packed.bytes);
    mv_gzip_index_free(c, &x);
    untouched = 1;
    return st;
}
static mv_status op_context(mv_ctx *c) {
    mv_ctx other;
    mv_ctx_desc desc = c->desc;
    mv_status st;
    desc.threads = 3;
    st = mv_ctx_init(&other, &desc);
    /* its message counts */
    if (st < 0) mv_volume_alloc(c, &small_grid, MEDVOL_NONE, 1, NULL), c->error = other.error;
    mv_ctx_free(&other);
    untouched = 1;
    return st;
}
static mv_status op_array(mv_ctx *c) {
    mv_status st;
    mv_volume v;
    memset(&v, 0, sizeof v);
    st = mv_volume_alloc(c, &v, MEDVOL_F32, 3, shape);
    if (st == MEDVOL_OK)
        st = mv_resample_affine_f32(c, (float *)v.data, shape, (const float *)head.data, head.dim, turned,
            RS(MEDVOL_CUBIC, 1, MEDVOL_BORDER_MIRROR));
    mv_volume_free(c, &v);
    untouched = 1;
    return st;
}

static const struct {
    const char *name;
    mv_status (*run)(mv_ctx *c);
} ops[] = {
#define ROW(x) {#x, op_##x},
    ROW(copy) ROW(convert) ROW(convert_self) ROW(load) ROW(load_gzip) ROW(load_as) ROW(load_crop)
    ROW(load_header) ROW(crop) ROW(pad) ROW(pad_wrap) ROW(pad_reflect) ROW(pad_mean) ROW(pad_self)
    ROW(crop_or_pad) ROW(foreground) ROW(flip) ROW(permute) ROW(rot90) ROW(reorient) ROW(rs_linear)
    ROW(rs_self) ROW(rs_cubic) ROW(rs_small) ROW(rs_small_cubic) ROW(rs_near) ROW(rs_like) ROW(rs_affine)
    ROW(rs_affine_cubic) ROW(rs_affine_conv) ROW(rs_affine_sinc) ROW(znorm) ROW(znorm_split) ROW(rescale)
    ROW(rescale_pct) ROW(linear) ROW(clamp) ROW(threshold) ROW(gamma) ROW(render) ROW(ext_add) ROW(save)
    ROW(save_gzip) ROW(save_int) ROW(save_pair) ROW(save_file) ROW(load_file) ROW(map) ROW(png) ROW(stats)
    ROW(percentiles) ROW(histogram) ROW(deflate) ROW(deflate_fast) ROW(pack) ROW(unpack) ROW(reader)
    ROW(index) ROW(context) ROW(array)
#undef ROW
};
static void test_every(void) {
    size_t i, k, refused = 0, most = 0;
    int forever;
    make_inputs();
    CHECK_OK(mv_save(NULL, &head, t_path("oom_in.nii"), NULL));
    CHECK_OK(mv_save(NULL, &head, t_path("oom_in.nii.gz"), NULL));
    for (i = 0; i < sizeof ops / sizeof *ops; i++)
        for (forever = 0; forever < 2; forever++)
            for (k = 1;; k++) {
                size_t before = t_live(), made = t_allocations();
                mv_status st;
                int reached;
                memset(&T->error, 0, sizeof T->error);
                t_fail_alloc(k, forever);
                st = ops[i].run(T);
                reached = t_allocations() - made >= k;
                t_fail_alloc(0, 0);
                if (!CHECK(t_live() == before && untouched))
                    fprintf(
                        stderr, "  %s, allocation %zu: a leak or a changed destination\n", ops[i].name, k);
                if (!reached) {
                    if (!CHECK(st == MEDVOL_OK)) fprintf(stderr, "  %s: %s\n", ops[i].name, mv_message(T));
                    break;
                }
                refused++;
                if (k > most) most = k;
                /* did without, in one thread */
                if (!forever && st == MEDVOL_OK && ops[i].run == op_unpack) continue;
                if (!CHECK(st == MEDVOL_E_NOMEM && T->error.code == MEDVOL_E_NOMEM &&
                        strstr(mv_message(T), "memory")))
                    fprintf(stderr, "  %s, allocation %zu: status %d, message \"%s\"\n", ops[i].name, k,
                        (int)st, mv_message(T));
                if (k > 200) break;
            }
    free_inputs();
    CHECK(most < 100);
    if (getenv("OOM"))
        printf("%zu operations, %zu allocations refused, at most %zu in one operation\n",
            sizeof ops / sizeof *ops, refused, most);
}

const t_case tests_oom[] = {
    {"every", test_every, 0},
    {NULL, NULL, 0},
};
