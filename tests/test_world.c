/* test_world.c - the world-coordinate invariant: a volume that is a linear function of world position still
   is one after any spatial operation or resampling, and after save and load. All types; oblique, permuted,
   sheared, odd, non-cubic grids. The qform of the saved file says the same as its sform wherever it can. */
#include "test.h"

static const double gradient[3] = {0.9, -0.55, 0.7}; /* per mm */
static const mv_dtype all_types[] = {MEDVOL_F32, MEDVOL_U8, MEDVOL_I8, MEDVOL_U16, MEDVOL_I16, MEDVOL_U32,
    MEDVOL_I32, MEDVOL_U64, MEDVOL_I64, MEDVOL_F16, MEDVOL_BF16, MEDVOL_F64, MEDVOL_C64, MEDVOL_C128,
    MEDVOL_RGB24, MEDVOL_RGBA32, MEDVOL_F128, MEDVOL_C256};
enum { TYPES = 18, REAL_TYPES = 12 };
static const double affines[5][12] = {
    /* LAS, as many scanners; oblique, nearly orthogonal; permuted, flipped, a little oblique; sheared;
       permuted exactly */
    {-2, 0, 0, 30, 0, 2.5, 0, -20, 0, 0, 3, 7},
    {1.7286, -0.8452, 0.4189, -33.5, 0.9772, 1.9631, -0.1853, 12.25, -0.2382, 0.5169, 2.9646, -81},
    {0.05, 0.1, -2.4, 40, 1.1, -0.02, 0.06, -55, -0.03, -3.1, -0.12, 66},
    {1.5, 0.4, 0.2, 5, 0, 1.2, 0.35, -8, 0, 0, 2.2, 100},
    {0, 0, 3, -10, -1, 0, 0, 10, 0, 0.5, 0, 0}};
typedef struct scene {
    mv_volume v;
    mv_dtype type;
    int which;           /* affine */
    double inverse[12];
    double zero, unit;   /* real = zero + unit * raw, where the volume's own scaling does not say it */
    double lo, range, eps, step; /* values; storage error; largest change between neighbours */
} scene;

static double raw_get(const mv_volume *v, size_t e) {
    const unsigned char *p = (const unsigned char *)v->data + e * mv_dtype_size(v->dtype);
    double d;
    float f;
    switch (v->dtype) {
        case MEDVOL_C64: memcpy(&f, p, 4); return f;
        case MEDVOL_C128: case MEDVOL_F128: case MEDVOL_C256: memcpy(&d, p, 8); return d;
        case MEDVOL_RGB24: return p[0] + 256.0 * p[1] + 65536.0 * p[2];
        case MEDVOL_RGBA32: return p[0] + 256.0 * p[1] + 65536.0 * p[2] + 16777216.0 * p[3];
        default:
            if (mv_convert_array(NULL, &d, MEDVOL_F64, p, v->dtype, 1, 1.0, 0.0) < 0) abort();
            return d;
    }
}
static void raw_put(mv_volume *v, size_t e, double x) {
    unsigned char *p = (unsigned char *)v->data + e * mv_dtype_size(v->dtype);
    float f = (float)x;
    uint32_t u;
    memset(p, 0, mv_dtype_size(v->dtype));
    switch (v->dtype) {
        case MEDVOL_C64: memcpy(p, &f, 4); return;
        case MEDVOL_C128: case MEDVOL_F128: case MEDVOL_C256: memcpy(p, &x, 8); return;
        case MEDVOL_RGB24: case MEDVOL_RGBA32:
            u = (uint32_t)(x + 0.5);
            p[0] = (unsigned char)u, p[1] = (unsigned char)(u >> 8), p[2] = (unsigned char)(u >> 16);
            if (v->dtype == MEDVOL_RGBA32) p[3] = (unsigned char)(u >> 24);
            return;
        default:
            if (mv_convert_array(NULL, p, v->dtype, &x, MEDVOL_F64, 1, 1.0, 0.0) < 0) abort();
    }
}
static double field(const double *w) { return gradient[0] * w[0] + gradient[1] * w[1] + gradient[2] * w[2]; }

/* a volume of the type whose real values are field(world) + 50 t */
static void make(scene *s, mv_dtype type, int which, int ndim, const size_t *dim) {
    double full = 0, low = 0, p[3], w[3], hi;
    size_t i, j, k, t, n[4] = {1, 1, 1, 1}, e = 0;
    int d;
    memset(s, 0, sizeof *s);
    s->type = type;
    s->which = which;
    CHECK_OK(mv_volume_alloc(T, &s->v, type, ndim, dim));
    memcpy(s->v.affine, affines[which], sizeof s->v.affine);
    CHECK_OK(mv_affine_invert(s->inverse, s->v.affine));
    for (d = 0; d < ndim; d++) n[d] = dim[d];
    s->lo = field(s->v.affine + 0) * 0 + gradient[0] * s->v.affine[3] + gradient[1] * s->v.affine[7] +
        gradient[2] * s->v.affine[11];
    for (hi = s->lo, d = 0; d < 3; d++) {
        double c = gradient[0] * s->v.affine[d] + gradient[1] * s->v.affine[4 + d] +
            gradient[2] * s->v.affine[8 + d],
               run = c * (double)(n[d] - 1);
        if (fabs(c) > s->step) s->step = fabs(c);
        if (run < 0) s->lo += run;
        else hi += run;
    }
    hi += 50.0 * (double)(n[3] - 1);
    s->range = hi - s->lo;
    s->unit = 1.0;
    s->eps = 1e-6 * (fabs(s->lo) + fabs(hi));
    switch (type) { /* raw numbers from `low` over `full` */
        case MEDVOL_U8: full = 255; break;
        case MEDVOL_I8: low = -128, full = 255; break;
        case MEDVOL_U16: full = 65535; break;
        case MEDVOL_I16: low = -32768, full = 65535; break;
        case MEDVOL_U32: full = 4294967295.0; break;
        case MEDVOL_I32: low = -2147483648.0, full = 4294967295.0; break;
        case MEDVOL_U64: full = 1e15; break;
        case MEDVOL_I64: low = -1e15, full = 2e15; break;
        case MEDVOL_RGB24: full = 16777215.0; break;
        case MEDVOL_RGBA32: full = 4294967295.0; break;
        case MEDVOL_F16: s->eps += (fabs(s->lo) + fabs(hi)) / 2048; break;
        case MEDVOL_BF16: s->eps += (fabs(s->lo) + fabs(hi)) / 256; break;
        default: break;
    }
    if (full > 0) {
        s->unit = s->range / full;
        s->zero = s->lo - low * s->unit;
        s->eps += 0.5 * s->unit;
        if (type != MEDVOL_RGB24 && type != MEDVOL_RGBA32) s->v.slope = s->unit, s->v.inter = s->zero;
    }
    for (t = 0; t < n[3]; t++)
        for (k = 0; k < n[2]; k++)
            for (j = 0; j < n[1]; j++)
                for (i = 0; i < n[0]; i++) {
                    p[0] = (double)i, p[1] = (double)j, p[2] = (double)k;
                    mv_affine_apply(w, s->v.affine, p);
                    raw_put(&s->v, e++, (field(w) + 50.0 * (double)t - s->zero) / s->unit);
                }
}
static unsigned turn; /* of the forms a file can take */
/* Save r in one of the forms, load it, and hold every voxel well inside the scene against the field. margin:
   voxels of the scene that a kernel reaches; blur: allowance in steps. Returns the number of voxels
   compared. */
static size_t verify(const scene *s, const mv_volume *r, double margin, double blur, const char *what) {
    mv_save_opt so;
    mv_load_opt lo;
    mv_buffer file, img;
    mv_volume back;
    size_t i, j, k, t, n[4], compared = 0, wrong = 0;
    double tol = s->eps + blur * s->step + 2e-6 * (fabs(s->lo) + s->range), sp[3];
    int d, by_qform, own;
    memset(&so, 0, sizeof so);
    memset(&lo, 0, sizeof lo);
    memset(&back, 0, sizeof back);
    memset(&img, 0, sizeof img);
    if (r->dtype == MEDVOL_F16 || r->dtype == MEDVOL_BF16) so.dtype = r->dtype;
    turn++;
    so.version = turn % 3 == 2 ? 2 : 1;
    so.gzip = turn % 5 == 0;
    so.big_endian = turn % 7 == 0;
    so.pair = turn % 11 == 0;
    if (!CHECK_OK(mv_save_mem(T, &file, &img, r, &so))) return 0;
    lo.img = img.data;
    lo.img_bytes = img.bytes;
    own = so.version == 1 && !so.gzip && !so.big_endian;
    for (by_qform = 0; by_qform <= own; by_qform++) {
        /* hide the sform of NIfTI-1 from the reader; the qform must be there unless there is shear */
        if (by_qform) {
            unsigned char *h = (unsigned char *)file.data;
            if (h[252] == 0 && h[253] == 0) break;
            h[254] = h[255] = 0;
        }
        if (!CHECK_OK(mv_load_mem(T, &back, file.data, file.bytes, &lo))) break;
        CHECK(back.dtype == r->dtype && back.ndim <= 4);
        if (!by_qform) {
            for (d = 0; d < 12; d++)
                CHECK_NEAR(back.affine[d], r->affine[d], 1e-6 * (1.0 + fabs(r->affine[d])));
            mv_spacing(r, sp);
            for (d = 0; d < 3; d++) CHECK_NEAR(back.nifti->pixdim[d + 1], sp[d], 1e-6 * sp[d]);
        }
        for (d = 0; d < 4; d++) n[d] = d < back.ndim ? back.dim[d] : 1;
        for (t = 0; t < n[3]; t++)
            for (k = 0; k < n[2]; k++)
                for (j = 0; j < n[1]; j++)
                    for (i = 0; i < n[0]; i++) {
                        double p[3], w[3], x[3], slope = 1, inter = 0, got;
                        int inside = 1;
                        p[0] = (double)i, p[1] = (double)j, p[2] = (double)k;
                        mv_affine_apply(w, back.affine, p);
                        mv_affine_apply(x, s->inverse, w);
                        for (d = 0; d < 3; d++) {
                            double edge = s->v.dim[d] > 1 ? margin : 0.0;
                            inside = inside && x[d] >= edge - 1e-3 &&
                                x[d] <= (double)s->v.dim[d] - 1.0 - edge + 1e-3;
                        }
                        if (!inside) continue;
                        if (back.slope != 0) slope = back.slope, inter = back.inter;
                        if (back.dtype == MEDVOL_RGB24 || back.dtype == MEDVOL_RGBA32)
                            slope = s->unit, inter = s->zero;
                        got = raw_get(&back, i + n[0] * (j + n[1] * (k + n[2] * t))) * slope + inter;
                        compared++;
                        if (!(fabs(got - (field(w) + 50.0 * (double)t)) <= tol) && wrong++ == 0)
                            fprintf(stderr,
                                "  %s of %s, affine %d%s: voxel %zu %zu %zu %zu (of the source: %.3f %.3f "
                                "%.3f): %.9g, want %.9g, tolerance %.3g\n",
                                what, mv_dtype_name(s->type), s->which, by_qform ? ", by its qform" : "", i,
                                j, k, t, x[0], x[1], x[2], got, field(w) + 50.0 * (double)t, tol);
                    }
        mv_volume_free(T, &back);
    }
    CHECK(wrong == 0);
    mv_buffer_free(T, &file);
    mv_buffer_free(T, &img);
    return compared;
}
#define AFTER(least, margin, blur, what, call)                                                               \
    do {                                                                                                     \
        memset(&r, 0, sizeof r);                                                                             \
        if (!CHECK_OK(call)) break;                                                                          \
        CHECK(verify(&s, &r, margin, blur, what) >= (least));                                                \
        mv_volume_free(T, &r);                                                                               \
    } while (0)

static void spatial_on(mv_dtype type, int which, int ndim) {
    static const size_t dim[4] = {7, 6, 5, 2};
    size_t start[4] = {2, 1, 1, 0}, size[4] = {4, 5, 3, 2}, before[4] = {2, 0, 3, 0}, after[4] = {1, 4, 0, 0},
           shape[4] = {5, 8, 6, 2};
    size_t n = ndim == 2 ? 42 : ndim == 3 ? 210 : 420, box = ndim == 2 ? 20 : ndim == 3 ? 60 : 120;
    int order[4] = {0, 1, 2, 3}, i, j, k;
    unsigned f;
    scene s;
    mv_volume r;
    mv_pad_opt po;
    mv_crop_or_pad_opt co;
    make(&s, type, which, ndim, dim);
    AFTER(n, 0, 0, "copy", mv_volume_copy(T, &r, &s.v));
    AFTER(box, 0, 0, "crop", mv_crop(T, &r, &s.v, start, size, NULL));
    memset(&po, 0, sizeof po);
    for (i = 0; i < 5; i++) {
        po.mode = (mv_pad_mode)i;
        AFTER(n, 0, 0, "pad", mv_pad(T, &r, &s.v, before, after, &po));
    }
    memset(&co, 0, sizeof co);
    for (i = 0; i < 4; i++) {
        co.rule = (mv_centre_rule)i;
        AFTER(30, 0, 0, "crop_or_pad", mv_crop_or_pad(T, &r, &s.v, shape, &co));
    }
    for (f = 0; f < (ndim == 2 ? 4u : 8u); f++) AFTER(n, 0, 0, "flip", mv_flip(T, &r, &s.v, f));
    for (i = 0; ndim > 2 && i < 3; i++)
        for (j = 0; j < 3; j++) {
            if (j == i) continue;
            order[0] = i, order[1] = j, order[2] = 3 - i - j;
            AFTER(n, 0, 0, "permute", mv_permute(T, &r, &s.v, order));
        }
    for (i = 0; i < (ndim == 2 ? 2 : 3); i++)
        for (j = 0; j < (ndim == 2 ? 2 : 3); j++)
            for (k = -1; k < 3 && i != j; k++) AFTER(n, 0, 0, "rot90", mv_rot90(T, &r, &s.v, k, i, j));
    for (i = 0; ndim > 2 && i < 48; i++) {
        static const char *const perm[6] = {"RAS", "RSA", "ARS", "ASR", "SRA", "SAR"};
        char code[4];
        memcpy(code, perm[i / 8], 4);
        for (k = 0; k < 3; k++)
            if (i >> k & 1) code[k] = code[k] == 'R' ? 'L' : code[k] == 'A' ? 'P' : 'I';
        AFTER(n, 0, 0, "reorient", mv_reorient(T, &r, &s.v, code, NULL));
        memset(&r, 0, sizeof r);
        CHECK_OK(mv_reorient(T, &r, &s.v, code, NULL));
        {
            char got[4];
            mv_orientation(&r, got);
            CHECK(!strcmp(got, code));
        }
        mv_volume_free(T, &r);
    }
    { /* into itself, and from a view */
        mv_volume view;
        size_t vs[4] = {1, 1, 0, 0}, vn[4] = {5, 4, 5, 2};
        CHECK_OK(mv_volume_view(T, &view, &s.v, vs, vn));
        AFTER(20, 0, 0, "flip of a view", mv_flip(T, &r, &view, 3));
        order[0] = 1, order[1] = 0, order[2] = 2;
        AFTER(20, 0, 0, "permute of a view", mv_permute(T, &r, &view, order));
        CHECK_OK(mv_permute(T, &s.v, &s.v, order));
        CHECK(s.v.dim[0] == 6 && s.v.dim[1] == 7);
        /* verify() wants the scene's shape: the transposed volume is checked through a copy */
        s.v.dim[0] = 7, s.v.dim[1] = 6;
        r = s.v;
        r.dim[0] = 6, r.dim[1] = 7;
        CHECK(verify(&s, &r, 0, 0, "permute in place") >= n);
        s.v.dim[0] = 6, s.v.dim[1] = 7;
    }
    mv_volume_free(T, &s.v);
}
static void test_spatial(void) {
    int t, a;
    turn = 0;
    for (t = 0; t < TYPES; t++) spatial_on(all_types[t], (t + t_threads) % 5, t % 4 == 3 ? 4 : 3);
    for (a = 0; a < 5; a++) spatial_on(MEDVOL_I16, a, 4), spatial_on(MEDVOL_F32, a, 2);
}
static void test_foreground(void) { /* the corner of high values */
    static const size_t dim[3] = {9, 8, 7};
    mv_foreground_opt o;
    size_t i, t;
    for (t = 0; t < REAL_TYPES; t++) {
        scene s;
        mv_volume r, mask;
        make(&s, all_types[t], (int)t % 5, 3, dim);
        memset(&o, 0, sizeof o);
        o.above = 1;
        o.threshold = s.lo + 0.7 * s.range;
        o.margin = 1;
        AFTER(8, 0, 0, "crop_foreground", mv_crop_foreground(T, &r, &s.v, &o));
        CHECK_OK(mv_volume_alloc(T, &mask, MEDVOL_U8, 3, dim));
        memset(mask.data, 0, 504);
        for (i = 0; i < 504; i++) ((unsigned char *)mask.data)[i] = i % 9 > 2 && i % 9 < 7 && i / 9 % 8 == 3;
        memset(&o, 0, sizeof o);
        o.by = &mask;
        AFTER(4 * 7, 0, 0, "crop_foreground by a mask", mv_crop_foreground(T, &r, &s.v, &o));
        mv_volume_free(T, &mask);
        mv_volume_free(T, &s.v);
    }
}
/* reach of a kernel; error on a linear function in steps; gain: how much of the storage error comes through
   (negative weights) */
static const struct {
    mv_interp interp;
    double margin, blur, gain;
} kinds[5] = {{MEDVOL_LINEAR, 0, 2e-6, 1}, {MEDVOL_NEAREST, 0, 1.6, 1}, {MEDVOL_CUBIC, 4, 0.02, 2.5},
    {MEDVOL_CUBIC_CONV, 1, 2e-6, 2.5}, {MEDVOL_LANCZOS, 2, 0.05, 2.5}};
static void resample_on(mv_dtype type, int which, int kind) {
    static const size_t dim[4] = {19, 18, 17, 2}, few[3] = {11, 18, 9}, large[3] = {22, 19, 20};
    static const double fine[3] = {0.8, 0.9, 1.1}, coarse[3] = {3.3, 2.6, 4.1},
                        turned[12] = {0.8, -0.3, 0.1, 2, 0.25, 0.9, -0.2, 1, -0.05, 0.15, 0.7, 3};
    double margin = kinds[kind].margin, blur = kinds[kind].blur;
    size_t least = kinds[kind].interp == MEDVOL_CUBIC ? 4 : 50;
    scene s;
    mv_volume r, grid;
    mv_resample_opt o;
    int g;
    make(&s, type, which, which % 2 ? 4 : 3, dim);
    s.eps *= kinds[kind].gain;
    memset(&o, 0, sizeof o);
    o.interp = kinds[kind].interp;
    for (g = 0; g < 5; g++) {
        o.grid = (mv_grid)g;
        o.shape = (mv_shape_rule)g;
        AFTER(least, margin, blur, "resample_shape, larger", mv_resample_shape(T, &r, &s.v, large, &o));
        AFTER(least, margin, blur, "resample_shape, smaller", mv_resample_shape(T, &r, &s.v, few, &o));
        if (g >= 3) continue;
        AFTER(least, margin, blur, "resample_spacing, finer", mv_resample_spacing(T, &r, &s.v, fine, &o));
        AFTER(least, margin, blur, "resample_spacing, coarser", mv_resample_spacing(T, &r, &s.v, coarse, &o));
    }
    o.grid = MEDVOL_GRID_CENTRE;
    AFTER(least, margin, blur, "resample_affine", mv_resample_affine(T, &r, &s.v, turned, large, &o));
    CHECK_OK(mv_volume_alloc(T, &grid, MEDVOL_U8, 3, large));
    mv_affine_mul(grid.affine, s.v.affine, turned);
    AFTER(least, margin, blur, "resample_like", mv_resample_like(T, &r, &s.v, &grid, &o));
    memcpy(grid.affine, affines[0], sizeof grid.affine); /* a world-aligned grid about the volume's middle */
    {
        double c[3] = {9, 8, 8}, w[3];
        mv_affine_apply(w, s.v.affine, c);
        for (g = 0; g < 3; g++) grid.affine[4 * g + 3] = w[g] - grid.affine[5 * g] * (double)(large[g] / 2);
    }
    AFTER(kinds[kind].interp == MEDVOL_CUBIC ? 1 : least, margin, blur, "resample_like, world axes",
        mv_resample_like(T, &r, &s.v, &grid, &o));
    if (kinds[kind].interp != MEDVOL_NEAREST) {
        o.antialias = 1;
        AFTER(
            1, margin + 3, blur + 1e-3, "resample_shape, antialias", mv_resample_shape(T, &r, &s.v, few, &o));
        o.antialias = 0;
        o.border = MEDVOL_BORDER_MIRROR;
        AFTER(least, margin, blur, "resample_shape, mirror", mv_resample_shape(T, &r, &s.v, large, &o));
    }
    mv_volume_free(T, &grid);
    AFTER(least, margin, blur, "resample_shape into itself",
        (mv_volume_copy(T, &r, &s.v) || mv_resample_shape(T, &r, &r, large, &o)));
    mv_volume_free(T, &s.v);
}
static void test_resample(void) { /* half of the types at each level */
    int t, kind;
    turn = 1;
    for (t = 0; t < REAL_TYPES; t++)
        for (kind = 0; kind < 5 && (t + t_level) % 2 == 0; kind++)
            resample_on(all_types[t], (t + kind + t_threads) % 5, kind);
}
static void test_chain(void) { /* a whole preprocessing, in memory of its own */
    static const size_t dim[3] = {19, 15, 13}, shape[3] = {24, 20, 22};
    static const double one[3] = {1, 1, 1};
    int a;
    for (a = 0; a < 5; a++) {
        scene s;
        mv_volume r;
        memset(&r, 0, sizeof r);
        make(&s, MEDVOL_I16, a, 3, dim);
        CHECK_OK(mv_reorient(T, &r, &s.v, "LPI", NULL));
        CHECK_OK(mv_resample_spacing(T, &r, &r, one, NULL));
        CHECK_OK(mv_flip(T, &r, &r, 5));
        CHECK_OK(mv_crop_or_pad(T, &r, &r, shape, NULL));
        CHECK_OK(mv_rot90(T, &r, &r, 1, 0, 2));
        CHECK(verify(&s, &r, 0, 1e-5, "chain") > 500);
        mv_volume_free(T, &r);
        mv_volume_free(T, &s.v);
    }
}

/* A matrix whose determinant vanishes only after its units are turned into millimetres is passed over like
   any other singular one. */
static void test_vanishing(void) {
    static const double rows[4][3] = {
        {1e-40, 1e80, 1e-40}, {1e-29, 1e-29, 1e-31}, {1e40, 1, 1}, {1e-100, 1e-100, 1e-100}};
    size_t dim[3] = {2, 2, 2}, i, k;
    for (i = 0; i < 4; i++)
        for (k = 0; k < 4; k++) {
            mv_volume v, w;
            mv_buffer b;
            mv_save_opt o;
            double inverse[12];
            unsigned char *h;
            memset(&o, 0, sizeof o);
            memset(&w, 0, sizeof w);
            o.version = 2;
            CHECK_OK(mv_volume_alloc(T, &v, MEDVOL_U8, 3, dim));
            memset(v.data, 0, 8);
            CHECK_OK(mv_save_mem(T, &b, NULL, &v, &o));
            h = (unsigned char *)b.data; /* NIfTI-2: sform at 400, units at 500 */
            memcpy(h + 400, &rows[i][0], 8);
            memcpy(h + 440, &rows[i][1], 8);
            memcpy(h + 480, &rows[i][2], 8);
            h[500] = (unsigned char)k;
            CHECK_OK(mv_load_mem(T, &w, b.data, b.bytes, NULL));
            CHECK(mv_warnings(T) & MEDVOL_W_AFFINE);
            CHECK_OK(mv_affine_invert(inverse, w.affine));
            mv_volume_free(T, &w);
            mv_volume_free(T, &v);
            mv_buffer_free(T, &b);
        }
}

const t_case tests_world[] = {
    {"spatial", test_spatial, 0},
    {"foreground", test_foreground, 0},
    {"resample", test_resample, 0},
    {"chain", test_chain, 0},
    {"vanishing", test_vanishing, T_ONCE},
    {NULL, NULL, 0},
};
