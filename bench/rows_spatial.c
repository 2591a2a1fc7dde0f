/* rows_spatial.c - voxels moved: crop, pad, flip, permute, reorient, rotate. */
#define BENCH_MARK_CALLS
#include "bench.h"

/* value of the input at a position, 0 outside */
static double voxel(const bench *b, ptrdiff_t x, ptrdiff_t y, ptrdiff_t z) {
    ptrdiff_t n = (ptrdiff_t)b->side;
    if (x < 0 || y < 0 || z < 0 || x >= n || y >= n || z >= n) return 0;
    return bench_value(&b->in, (size_t)(x + n * (y + n * z)));
}
/* position of element i of the result */
static void place(const bench *b, size_t i, ptrdiff_t *p) {
    int d;
    for (d = 0; d < 3; d++) {
        p[d] = (ptrdiff_t)(i % b->out.dim[d]);
        i /= b->out.dim[d];
    }
}
static ptrdiff_t last(const bench *b) { return (ptrdiff_t)b->side - 1; }

/* ---- boxes ---- */
static mv_status crop(bench *b) { /* three quarters of each axis */
    size_t n = b->side, start[3] = {n / 8, n / 8, n / 8}, size[3] = {3 * n / 4, 3 * n / 4, 3 * n / 4};
    return mv_crop(b->ctx, &b->out, &b->in, start, size, NULL);
}
static double want_crop(const bench *b, size_t i) {
    ptrdiff_t p[3], o = (ptrdiff_t)b->side / 8;
    place(b, i, p);
    return voxel(b, p[0] + o, p[1] + o, p[2] + o);
}
static mv_status pad_by(bench *b, mv_pad_mode mode) { /* an eighth on each side */
    size_t n = b->side / 8, w[3] = {n, n, n};
    mv_pad_opt opt;
    opt.mode = mode;
    opt.value = 0;
    return mv_pad(b->ctx, &b->out, &b->in, w, w, &opt);
}
static mv_status pad_constant(bench *b) { return pad_by(b, MEDVOL_PAD_CONSTANT); }
static mv_status pad_reflect(bench *b) { return pad_by(b, MEDVOL_PAD_REFLECT); }
static mv_status pad_edge(bench *b) { return pad_by(b, MEDVOL_PAD_EDGE); }
static mv_status pad_mean(bench *b) { return pad_by(b, MEDVOL_PAD_MEAN); }
static double want_padded(const bench *b, size_t i, int mode) {
    ptrdiff_t p[3], n = last(b), o = (ptrdiff_t)b->side / 8;
    int d;
    place(b, i, p);
    for (d = 0; d < 3; d++) {
        p[d] -= o;
        if (mode == 1) p[d] = p[d] < 0 ? -p[d] : p[d] > n ? 2 * n - p[d] : p[d];
        if (mode == 2) p[d] = p[d] < 0 ? 0 : p[d] > n ? n : p[d];
    }
    return voxel(b, p[0], p[1], p[2]);
}
static double want_constant(const bench *b, size_t i) { return want_padded(b, i, 0); }
static double want_reflect(const bench *b, size_t i) { return want_padded(b, i, 1); }
static double want_edge(const bench *b, size_t i) { return want_padded(b, i, 2); }
static double want_mean(const bench *b, size_t i) { /* along x only; elsewhere the result itself */
    ptrdiff_t p[3], o = (ptrdiff_t)b->side / 8, n = last(b), x;
    double s = 0;
    place(b, i, p);
    if (p[1] < o || p[1] > n + o || p[2] < o || p[2] > n + o) return bench_value(&b->out, i);
    if (p[0] >= o && p[0] <= n + o) return voxel(b, p[0] - o, p[1] - o, p[2] - o);
    for (x = 0; x <= n; x++) s += voxel(b, x, p[1] - o, p[2] - o);
    return s / (double)(n + 1);
}
static mv_status pad_array(bench *b) {
    size_t n = b->side / 8, w[3] = {n, n, n};
    return mv_pad_array(b->ctx, b->out.data, b->in.data, 4, 3, b->in.dim, w, w, MEDVOL_PAD_CONSTANT, NULL);
}
static mv_status crop_or_pad(bench *b) { /* x shorter, y longer, z as it is */
    size_t shape[3] = {3 * b->side / 4, 5 * b->side / 4, b->side};
    return mv_crop_or_pad(b->ctx, &b->out, &b->in, shape, NULL);
}
static double want_crop_or_pad(const bench *b, size_t i) {
    ptrdiff_t p[3], h = (ptrdiff_t)b->side / 2;
    place(b, i, p);
    return voxel(b, p[0] + h - (ptrdiff_t)b->out.dim[0] / 2, p[1] + h - (ptrdiff_t)b->out.dim[1] / 2, p[2]);
}
/* an empty margin of a quarter */
static mv_status island(bench *b) {
    size_t i, n = b->side;
    mv_status st = mv_volume_copy(b->ctx, &b->aux[0], &b->in);
    float *v = (float *)b->aux[0].data;
    for (i = 0; st >= 0 && i < n * n * n; i++) {
        size_t x = i % n, y = i / n % n, z = i / n / n, lo = n / 4, hi = n - lo - 1;
        v[i] = x < lo || x > hi || y < lo || y > hi || z < lo || z > hi ? 0.0f : v[i] + 1.0f;
    }
    return st;
}
static mv_status foreground(bench *b) {
    size_t start[3], size[3];
    mv_status st = mv_foreground_box(b->ctx, start, size, &b->aux[0], NULL);
    b->numbers = 2;
    b->number[0] = (double)start[0], b->number[1] = (double)size[2];
    return st;
}
static double want_box(const bench *b, size_t i) {
    size_t margin = b->side / 4;
    return (double)(i ? b->side - 2 * margin : margin);
}
static mv_status crop_foreground(bench *b) {
    return mv_crop_foreground(b->ctx, &b->out, &b->aux[0], NULL);
}
static double want_island(const bench *b, size_t i) {
    ptrdiff_t p[3], o = (ptrdiff_t)b->side / 4;
    place(b, i, p);
    return (double)((float)voxel(b, p[0] + o, p[1] + o, p[2] + o) + 1.0f);
}

/* ---- axes ---- */
#define FLIP(name, bits, X, Y, Z)                                                                            \
    static mv_status flip_##name(bench *b) { return mv_flip(b->ctx, &b->out, &b->in, bits); }                \
    static double want_flip_##name(const bench *b, size_t i) {                                               \
        ptrdiff_t p[3], n = last(b);                                                                         \
        place(b, i, p);                                                                                      \
        (void)n;                                                                                             \
        return voxel(b, X, Y, Z);                                                                            \
    }
FLIP(x, 1, n - p[0], p[1], p[2])
FLIP(y, 2, p[0], n - p[1], p[2])
FLIP(z, 4, p[0], p[1], n - p[2])
FLIP(xyz, 7, n - p[0], n - p[1], n - p[2])
/* in place: every call turns it over, so look at what twice gives */
static mv_status flip_twice(bench *b) {
    mv_status st = mv_flip(b->ctx, &b->out, &b->out, 7);
    return st < 0 ? st : mv_flip(b->ctx, &b->out, &b->out, 7);
}
static mv_status copy_in(bench *b) { return mv_volume_copy(b->ctx, &b->out, &b->in); }
static double same(const bench *b, size_t i) { return bench_value(&b->in, i); }

#define PERMUTE(name, A, B, C, X, Y, Z)                                                                      \
    static mv_status permute_##name(bench *b) {                                                              \
        static const int order[3] = {A, B, C};                                                               \
        return mv_permute(b->ctx, &b->out, &b->in, order);                                                   \
    }                                                                                                        \
    static double want_permute_##name(const bench *b, size_t i) {                                            \
        ptrdiff_t p[3];                                                                                      \
        place(b, i, p);                                                                                      \
        return voxel(b, X, Y, Z);                                                                            \
    }
PERMUTE(zyx, 2, 1, 0, p[2], p[1], p[0])
PERMUTE(yxz, 1, 0, 2, p[1], p[0], p[2])
PERMUTE(yzx, 1, 2, 0, p[2], p[0], p[1])
PERMUTE(zxy, 2, 0, 1, p[1], p[2], p[0])
static mv_status permute_array(bench *b) { /* z y x, and z backwards */
    static const int order[3] = {2, 1, 0};
    return mv_permute_array(b->ctx, b->out.data, NULL, b->in.data, NULL, 4, 3, b->in.dim, order, 4);
}
static double want_permute_array(const bench *b, size_t i) {
    ptrdiff_t p[3];
    place(b, i, p);
    return voxel(b, p[2], p[1], last(b) - p[0]);
}
static mv_status rot90(bench *b) { return mv_rot90(b->ctx, &b->out, &b->in, 1, 0, 1); }
static double want_rot90(const bench *b, size_t i) { /* what lay along x lies along y */
    ptrdiff_t p[3];
    place(b, i, p);
    return voxel(b, p[1], last(b) - p[0], p[2]);
}
static mv_status reorient(bench *b) { return mv_reorient(b->ctx, &b->out, &b->in, "PIL", NULL); }
static double want_reorient(const bench *b, size_t i) { /* in is RAS: i runs to P, j to I, k to L */
    ptrdiff_t p[3], n = last(b);
    place(b, i, p);
    return voxel(b, n - p[2], n - p[0], n - p[1]);
}

const bench_row rows_spatial[] = {
    {"crop", MEDVOL_F32, crop, want_crop, .floor = "c"},
    {"crop", MEDVOL_I16, crop, want_crop, .floor = "c"},
    {"pad constant", MEDVOL_F32, pad_constant, want_constant, .floor = "m"},
    {"pad reflect", MEDVOL_F32, pad_reflect, want_reflect, .floor = "m"},
    {"pad edge", MEDVOL_I16, pad_edge, want_edge, .floor = "m"},
    {"pad mean", MEDVOL_F32, pad_mean, want_mean, 1e-6, .floor = "m"},
    {"pad of an array", MEDVOL_F32, pad_array, want_constant, .floor = "m", .setup = pad_constant},
    {"crop or pad", MEDVOL_F32, crop_or_pad, want_crop_or_pad, .floor = "c"},
    {"foreground box", MEDVOL_F32, foreground, want_box, .floor = "a", .setup = island},
    {"crop foreground", MEDVOL_F32, crop_foreground, want_island, .floor = "ac", .setup = island},
    {"flip x", MEDVOL_F32, flip_x, want_flip_x, .floor = "c"},
    {"flip x", MEDVOL_I16, flip_x, want_flip_x, .floor = "c"},
    {"flip x", MEDVOL_U8, flip_x, want_flip_x, .floor = "c"},
    {"flip y", MEDVOL_F32, flip_y, want_flip_y, .floor = "c"},
    {"flip z", MEDVOL_F32, flip_z, want_flip_z, .floor = "c"},
    {"flip xyz", MEDVOL_F32, flip_xyz, want_flip_xyz, .floor = "c"},
    {"flip xyz, in place, twice", MEDVOL_F32, flip_twice, same, .floor = "pp", .setup = copy_in},
    {"permute zyx", MEDVOL_F32, permute_zyx, want_permute_zyx, .floor = "c"},
    {"permute zyx", MEDVOL_I16, permute_zyx, want_permute_zyx, .floor = "c"},
    {"permute zyx", MEDVOL_U8, permute_zyx, want_permute_zyx, .floor = "c"},
    {"permute yxz", MEDVOL_F32, permute_yxz, want_permute_yxz, .floor = "c"},
    {"permute yzx", MEDVOL_F32, permute_yzx, want_permute_yzx, .floor = "c"},
    {"permute zxy", MEDVOL_F32, permute_zxy, want_permute_zxy, .floor = "c"},
    {"permute of an array", MEDVOL_F32, permute_array, want_permute_array, .floor = "c", .setup = copy_in},
    {"rot90", MEDVOL_F32, rot90, want_rot90, .floor = "c"},
    {"reorient", MEDVOL_F32, reorient, want_reorient, .floor = "c"},
    {0},
};
