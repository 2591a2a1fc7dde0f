/* test_spatial.c - crop, pad, crop-or-pad, foreground, flip, permute, rot90, reorient: against index loops,
   closed forms, the world invariant, round trips, nibabel's orientation codes; bad arguments and refused
   memory. */
#include "test.h"

enum { NDT = 18 };
static const mv_dtype types[NDT] = {MEDVOL_U8, MEDVOL_I8, MEDVOL_U16, MEDVOL_I16, MEDVOL_U32, MEDVOL_I32,
        MEDVOL_U64, MEDVOL_I64, MEDVOL_F16, MEDVOL_BF16, MEDVOL_F32, MEDVOL_F64, MEDVOL_C64, MEDVOL_C128,
        MEDVOL_RGB24, MEDVOL_RGBA32, MEDVOL_F128, MEDVOL_C256};
static const mv_dtype sizes[7] = {
    MEDVOL_U8, MEDVOL_I16, MEDVOL_RGB24, MEDVOL_F32, MEDVOL_F64, MEDVOL_C128, MEDVOL_C256};

/* ---- volumes in guarded memory, unreadable behind the last voxel; `strided`: gaps of known bytes ---- */
typedef struct guarded {
    mv_volume v;
    void *mem;
    size_t bytes;
} guarded;
static void g_make(guarded *g, mv_dtype t, int nd, const size_t *dim, int strided) {
    ptrdiff_t stride[7], s = 1;
    size_t n = 1, i;
    int d;
    for (d = 0; d < nd; d++) {
        stride[d] = s;
        n += (dim[d] - 1) * (size_t)s;
        s = s * (ptrdiff_t)dim[d] + (strided ? 3 + d : 0);
    }
    g->bytes = n * mv_dtype_size(t);
    g->mem = t_guard(g->bytes);
    for (i = 0; i < g->bytes; i++) ((unsigned char *)g->mem)[i] = 0xA5;
    CHECK_OK(mv_volume_wrap(T, &g->v, g->mem, t, nd, dim, stride));
}
static void g_free(guarded *g) {
    g->v.data = NULL;
    mv_volume_free(T, &g->v);
    t_guard_free(g->mem, g->bytes);
}
static unsigned char *at(const mv_volume *v, const size_t *i) {
    ptrdiff_t o = 0;
    int d;
    for (d = 0; d < v->ndim; d++) o += (ptrdiff_t)i[d] * v->stride[d];
    return (unsigned char *)v->data + o * (ptrdiff_t)mv_dtype_size(v->dtype);
}
static int next(const mv_volume *v, size_t *i) { /* the next index; 0 after the last */
    int d;
    for (d = 0; d < v->ndim; d++) {
        if (++i[d] < v->dim[d]) return 1;
        i[d] = 0;
    }
    return 0;
}
static void fill_random(mv_volume *v) {
    size_t i[7] = {0}, z = mv_dtype_size(v->dtype), k;
    do {
        unsigned char *p = at(v, i);
        for (k = 0; k < z; k++) p[k] = (unsigned char)t_bits();
    } while (next(v, i));
}
static size_t gap_bytes(const guarded *g) { /* bytes that belong to no voxel and still hold the pattern */
    unsigned char *mark = (unsigned char *)calloc(g->bytes, 1);
    size_t i[7] = {0}, z = mv_dtype_size(g->v.dtype), k, n = 0;
    do memset(mark + (at(&g->v, i) - (unsigned char *)g->mem), 1, z);
    while (next(&g->v, i));
    for (k = 0; k < g->bytes; k++) n += !mark[k] && ((unsigned char *)g->mem)[k] == 0xA5;
    free(mark);
    return n;
}
static size_t gaps(const guarded *g) { return g->bytes - mv_volume_count(&g->v) * mv_dtype_size(g->v.dtype); }
static void some_affine(mv_volume *v, int kind) {
    static const double a[4][12] = {{1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0},
                                    {-2, 0, 0, 90, 0, 0, 3, -126, 0, 1, 0, -72},
                                    {1.5, -0.4, 0.2, 11, 0.5, 1.1, -0.3, -7, -0.1, 0.35, 2.6, 3},
                                    {0.3, 0.2, -3.1, 5, -0.9, 0.4, 0.6, 6, 0.1, 1.9, 0.5, -40}};
    memcpy(v->affine, a[kind], sizeof a[kind]);
}
static double world_of(const mv_volume *v, const size_t *i, int r) {
    double x = v->affine[4 * r + 3];
    int d;
    for (d = 0; d < 3 && d < v->ndim; d++) x += v->affine[4 * r + d] * (double)i[d];
    return x;
}

/* ---- turns: dst axis d is src axis order[d], reversed when bit order[d] of flips is set ---- */
static void same_turn(const mv_volume *dst, const mv_volume *src, const int *order, unsigned flips) {
    size_t i[7] = {0}, j[7] = {0}, z = mv_dtype_size(src->dtype), wrong = 0, away = 0;
    int d, r;
    for (d = 0; d < dst->ndim; d++)
        /* NOLINTNEXTLINE(clang-analyzer-core.UndefinedBinaryOperatorResult): order has dst->ndim entries */
        if (!CHECK(dst->dim[d] == (order[d] < src->ndim ? src->dim[order[d]] : 1))) return;
    do {
        for (d = 0; d < dst->ndim; d++) j[order[d]] = flips >> order[d] & 1 ? dst->dim[d] - 1 - i[d] : i[d];
        wrong += memcmp(at(dst, i), at(src, j), z) != 0;
        for (r = 0; r < 3; r++) {
            for (d = 0; d < 3 && d < dst->ndim; d++)
                if (order[d] > 2) break; /* a time axis in space has no direction */
            if (d >= 3 || d >= dst->ndim) away += !(fabs(world_of(dst, i, r) - world_of(src, j, r)) <= 1e-9);
        }
    } while (next(dst, i));
    CHECK(wrong == 0);
    CHECK(away == 0);
}
static const size_t shapes[][8] = {
    {1, 5}, {1, 700}, {2, 7, 3}, {2, 65, 130}, {3, 17, 9, 5}, {3, 33, 18, 4}, {3, 3, 70, 2}, {3, 70, 3, 40},
    {3, 1, 6, 9}, {3, 4, 1, 5}, {3, 131, 67, 3}, {3, 66, 2, 97}, {4, 20, 7, 3, 2}, {4, 2, 3, 1, 35},
    {5, 3, 4, 5, 2, 3}, {7, 2, 3, 4, 3, 2, 2, 3}, {3, 64, 64, 3}, {1, 1}, {3, 1, 1, 1},
};
enum { NSHAPES = sizeof shapes / sizeof *shapes };
static void shuffle(int *order, int n) {
    int d;
    for (d = 0; d < n; d++) order[d] = d;
    for (d = n - 1; d > 0; d--) {
        int k = (int)(t_bits() % (uint64_t)(d + 1)), t = order[d];
        order[d] = order[k];
        order[k] = t;
    }
}
static void one_flip(mv_dtype t, const size_t *shape, int k) {
    static const int plain[7] = {0, 1, 2, 3, 4, 5, 6};
    guarded src, dst, own;
    mv_volume out = {0};
    int nd = (int)shape[0];
    unsigned flips = (unsigned)(t_bits() % (1u << nd));
    if (k % 5 == 0) flips = (1u << nd) - 1;
    if (k % 5 == 1) flips = 1;
    g_make(&src, t, nd, shape + 1, k & 1);
    g_make(&dst, t, nd, shape + 1, k & 2);
    g_make(&own, t, nd, shape + 1, k & 1);
    fill_random(&src.v);
    some_affine(&src.v, k % 4);
    CHECK_OK(mv_flip(T, &out, &src.v, flips));
    same_turn(&out, &src.v, plain, flips);
    CHECK_OK(mv_flip(T, &dst.v, &src.v, flips));
    same_turn(&dst.v, &src.v, plain, flips);
    CHECK(gap_bytes(&dst) == gaps(&dst));
    CHECK_OK(mv_volume_copy(T, &own.v, &src.v));
    CHECK_OK(mv_flip(T, &own.v, &own.v, flips)); /* in place */
    CHECK(own.v.data == own.mem);
    same_turn(&own.v, &src.v, plain, flips);
    CHECK(gap_bytes(&own) == gaps(&own));
    CHECK_OK(mv_flip(T, &own.v, &own.v, flips)); /* and back */
    same_turn(&own.v, &src.v, plain, 0);
    mv_volume_free(T, &out);
    g_free(&src);
    g_free(&dst);
    g_free(&own);
}
static void test_flip(void) {
    int s, k, turn = (int)(t_level + t_threads);
    for (s = 0; s < NSHAPES; s++)
        for (k = 0; k < 7; k++) one_flip(sizes[k], shapes[s], turn++);
    for (k = 0; k < NDT; k++) one_flip(types[k], shapes[4], k);
}
static void one_permute(mv_dtype t, const size_t *shape, int k, const int *fixed) {
    guarded src, dst;
    mv_volume out = {0};
    size_t dim[7];
    int nd = (int)shape[0], order[7], inverse[7], d;
    g_make(&src, t, nd, shape + 1, k & 1);
    fill_random(&src.v);
    some_affine(&src.v, k % 4);
    if (fixed) memcpy(order, fixed, 3 * sizeof(int));
    else shuffle(order, nd);
    for (d = 0; d < nd; d++) dim[d] = shape[1 + order[d]], inverse[order[d]] = d;
    g_make(&dst, t, nd, dim, k & 2);
    CHECK_OK(mv_permute(T, &dst.v, &src.v, order));
    same_turn(&dst.v, &src.v, order, 0);
    CHECK(gap_bytes(&dst) == gaps(&dst));
    CHECK_OK(mv_permute(T, &out, &dst.v, inverse));
    for (d = 0; d < nd; d++) order[d] = d;
    /* checked above; time axes may have come into space */
    memcpy(out.affine, src.v.affine, sizeof out.affine);
    same_turn(&out, &src.v, order, 0);
    mv_volume_free(T, &out);
    g_free(&src);
    g_free(&dst);
}
static void test_permute(void) {
    static const int all[6][3] = {{0, 1, 2}, {1, 0, 2}, {2, 1, 0}, {0, 2, 1}, {1, 2, 0}, {2, 0, 1}};
    int s, k, p, turn = t_level + t_threads;
    for (s = 0; s < NSHAPES; s++)
        for (k = 0; k < 7; k++) one_permute(sizes[k], shapes[s], turn++, NULL);
    for (k = 0; k < 7; k++)
        for (p = 0; p < 6; p++) {
            one_permute(sizes[k], shapes[10], turn++, all[p]);
            one_permute(sizes[k], shapes[7], turn++, all[p]);
        }
    for (k = 0; k < NDT; k++) one_permute(types[k], shapes[5], k, all[2]);
}
/* steps and columns when time and space change places */
static void test_permute_time(void) {
    size_t dim[4] = {2, 3, 4, 5};
    int order[4] = {3, 1, 2, 0}, r;
    mv_volume v = {0}, w = {0};
    CHECK_OK(mv_volume_alloc(T, &v, MEDVOL_U8, 4, dim));
    fill_random(&v);
    some_affine(&v, 2);
    v.step[0] = 2.5;
    CHECK_OK(mv_permute(T, &w, &v, order));
    for (r = 0; r < 3; r++) {
        CHECK(w.affine[4 * r] == 0.0);
        CHECK(w.affine[4 * r + 1] == v.affine[4 * r + 1] && w.affine[4 * r + 2] == v.affine[4 * r + 2]);
        CHECK(w.affine[4 * r + 3] == v.affine[4 * r + 3]);
    }
    CHECK_NEAR(w.step[0], sqrt(1.5 * 1.5 + 0.5 * 0.5 + 0.1 * 0.1), 1e-12);
    mv_volume_free(T, &v);
    mv_volume_free(T, &w);
}
/* numpy.rot90 1.24.2 of arange(6).reshape(2, 3) indexed [a][b], for k = 0..3 */
static void test_rot90(void) {
    static const int want[4][6] = {
        {0, 1, 2, 3, 4, 5}, {2, 5, 1, 4, 0, 3}, {5, 4, 3, 2, 1, 0}, {3, 0, 4, 1, 5, 2}};
    size_t dim[3] = {2, 3, 1}, i[7] = {0};
    mv_volume v = {0}, w = {0};
    int k, n, turn;
    CHECK_OK(mv_volume_alloc(T, &v, MEDVOL_U8, 3, dim));
    some_affine(&v, 2);
    for (i[0] = 0; i[0] < 2; i[0]++)
        for (i[1] = 0; i[1] < 3; i[1]++) *at(&v, i) = (unsigned char)(3 * i[0] + i[1]);
    for (k = -5; k < 9; k++) {
        int order[3] = {0, 1, 2};
        unsigned flips[4] = {0, 2, 3, 1};
        turn = (k % 4 + 4) % 4;
        CHECK_OK(mv_rot90(T, &w, &v, k, 0, 1));
        CHECK(w.dim[0] == (turn & 1 ? 3u : 2u) && w.dim[1] == (turn & 1 ? 2u : 3u));
        n = 0;
        for (i[0] = 0; i[0] < w.dim[0]; i[0]++)
            for (i[1] = 0; i[1] < w.dim[1]; i[1]++) CHECK(*at(&w, i) == want[turn][n++]);
        if (turn & 1) order[0] = 1, order[1] = 0;
        same_turn(&w, &v, order, flips[turn]);
        mv_volume_free(T, &w);
    }
    CHECK_OK(mv_rot90(T, &w, &v, 1, 1, 0)); /* the other direction */
    i[0] = i[1] = 0;
    CHECK(*at(&w, i) == 3);
    mv_volume_free(T, &w);
    mv_volume_free(T, &v);
}

/* ---- reorient ---- */
static const struct {
    double a[12];
    const char *code;
/* nibabel 5.0.0: aff2axcodes; rotations up to 44 degrees, then shears with two columns along one axis */
} nib[] = {
    {{1.288, 0, 0, -98.947, 0, 0, 3.557, 64.246, 0, 1.551, 0, 59.414}, "RSA"},
    {{1.303, 0.704, 0.186, 10.699, 0.037, 0.336, -2.235, 99.1, 0.488, -1.904, -0.325, 58.532}, "RIP"},
    {{0.87, -0.618, 1.117, -91.212, -0.495, -0.848, -1.198, -92.864, -0.754, -0.157, 2.075, 2.978}, "RPS"},
    {{1.928, 1.128, 0.284, -97.641, -0.567, 1.547, -0.928, -61.52, -1.117, 1.161, 0.961, 38.406}, "RAS"},
    {{0, 0, -1.041, -46.48, 0, 3.405, 0, 76.066, -0.513, 0, 0, 1.958}, "IAL"},
    {{-0.067, 2.241, 0.779, 74.268, 0.809, 0.064, 0.372, -27.747, 0.118, 0.84, -2.107, 19.637}, "ARI"},
    {{-0.689, 0.712, -1.956, -24.111, 0.739, -0.405, -2.683, 95.75, -1.28, -0.617, -0.496, 17.998}, "IRP"},
    {{-0.518, 1.711, 0.278, -19.5, -0.71, -0.504, -0.909, -80.659, -0.533, -0.992, 0.942, 93.566}, "PRS"},
    {{0, -3.559, 0, -73.677, -1.551, 0, 0, 69.015, 0, 0, 2.818, 88.99}, "PLS"},
    {{1.099, -0.307, 0.832, -63.89, 0.031, 3.696, 0.397, 76.811, 0.412, 0.538, -2.252, 28.314}, "RAI"},
    {{0.819, -0.78, -0.44, 75.244, -0.878, -1.07, 0.25, -6.454, 1.521, -0.198, 0.381, 9.527}, "SPL"},
    {{-0.375, 0.305, -0.78, 93.43, 1.225, 0.419, 0.229, 31.552, -1.268, 0.314, 0.452, -14.356}, "IAL"},
    {{0, -2.566, 0, -28.917, 0, 0, 2.893, 3.82, 1.705, 0, 0, 53.049}, "SLA"},
    {{0.485, 0.257, 1.141, -72.647, 0.014, -3.092, 0.544, -16.219, 0.182, -0.45, -3.088, 63.051}, "RPI"},
    {{1.337, 2.111, -0.546, -60.296, 1.835, -1.2, 0.586, -27.375, 0.339, -1.83, -1.014, -64.119}, "ARI"},
    {{-0.521, -0.852, 1.216, 90.408, 1.703, -1.168, -0.358, -11.104, -1.764, -0.876, -0.705, 96.079}, "IPR"},
    {{0, 2.532, 0, 75.638, 3.1, 0, 0, -17.671, 0, 0, 1.993, 84.552}, "ARS"},
    {{0.793, 0.314, -1.29, 61.208, 0.378, -3.776, -0.037, 35.294, -2.145, -0.55, -0.483, 43.417}, "IPL"},
    {{1.103, 0.511, -0.47, -57.418, 1.514, -0.548, 0.267, 83.093, 0.28, 0.95, 0.408, 68.034}, "ASL"},
    {{0.537, 1.414, 1.319, 92.27, -1.754, 1.94, -0.388, -6.832, 1.816, 1.455, -0.765, 25.62}, "SAR"},
    {{0.717, 0, 0, 63.044, 0, 0, -3.174, 45.998, 0, -1.94, 0, -77.359}, "RIP"},
    {{2.183, -1.267, -0.054, -93.942, 0.062, -0.605, 0.654, -95.957, 0.818, 3.428, 0.095, -49.446}, "RSA"},
    {{0.371, -1.085, 0.751, 35.575, 0.509, 1.163, -0.427, -95.785, 0.094, -2.014, -0.651, -37.886}, "AIR"},
    {{2.801, 1.412, 0.548, -61.749, -0.824, 1.937, -1.792, 14.879, -1.623, 1.453, 1.856, -92.063}, "RAS"},
    {{2, 1.9, 0, 1, 1, 1.2, 0, 2, 0, 0, 3, 3}, "RAS"},
    {{1, 1.1, 0.1, 1, 0.9, -1, 0.9, 2, 0.2, 0.4, 3, 3}, "RPS"},
    {{0.9, 0.3, 0.8, 0, -0.8, 0.1, 1, 0, 0.5, 2, 0.1, 0}, "RSA"},
    {{1, 1, 0.2, 0, 1, -1.05, 0.2, 0, 0.1, 0.1, 1, 0}, "RPS"},
};
static void test_orientation_codes(void) {
    char code[4];
    size_t k;
    for (k = 0; k < sizeof nib / sizeof *nib; k++) {
        mv_volume v;
        memset(&v, 0, sizeof v);
        memcpy(v.affine, nib[k].a, sizeof v.affine);
        mv_orientation(&v, code);
        if (!CHECK(strcmp(code, nib[k].code) == 0))
            fprintf(stderr, "  affine %d: %s, want %s\n", (int)k, code, nib[k].code);
    }
}
static void test_reorient(void) {
    static const char *const codes[] = {"RAS", "LPI", "LPS", "PSR", "SAL", "ipr", "asl", "RSP"};
    size_t k, c, dim[4] = {19, 6, 35, 2}, i[7] = {0}, z;
    char back[4], now[4];
    for (k = 0; k < sizeof nib / sizeof *nib; k++) {
        mv_dtype t = sizes[k % 7];
        mv_volume v = {0}, w = {0}, u = {0};
        double err = 0;
        int d, r;
        CHECK_OK(mv_volume_alloc(T, &v, t, k % 3 ? 3 : 4, dim));
        fill_random(&v);
        memcpy(v.affine, nib[k].a, sizeof v.affine);
        mv_orientation(&v, back);
        c = k % 8;
        CHECK_OK(mv_reorient(T, &w, &v, codes[c], NULL));
        mv_orientation(&w, now);
        for (d = 0; d < 3; d++) CHECK(now[d] == (codes[c][d] & ~32));
        { /* every voxel keeps its place in the world: look it up through the inverse */
            double inv[12], p[3], q[3];
            size_t j[7] = {0}, wrong = 0;
            CHECK_OK(mv_affine_invert(inv, v.affine));
            z = mv_dtype_size(t);
            memset(i, 0, sizeof i);
            do {
                for (r = 0; r < 3; r++) p[r] = world_of(&w, i, r);
                mv_affine_apply(q, inv, p);
                for (r = 0; r < 3; r++)
                    j[r] = (size_t)(q[r] + 0.5), err = fmax(err, fabs(q[r] - floor(q[r] + 0.5)));
                j[3] = i[3];
                for (r = 0; r < 3; r++) wrong += !(q[r] > -0.5 && q[r] < (double)v.dim[r] - 0.5);
                if (!wrong) wrong += memcmp(at(&w, i), at(&v, j), z) != 0;
            } while (next(&w, i));
            CHECK(wrong == 0);
            CHECK(err < 1e-9);
        }
        CHECK_OK(mv_reorient(T, &u, &w, back, NULL)); /* there and back: the same bytes and affine */
        CHECK(memcmp(u.data, v.data, mv_volume_count(&v) * z) == 0);
        for (d = 0; d < 12; d++) CHECK_NEAR(u.affine[d], v.affine[d], 1e-12 * (1 + fabs(v.affine[d])));
        mv_volume_free(T, &v);
        mv_volume_free(T, &w);
        mv_volume_free(T, &u);
    }
}
static void test_reorient_forms(void) {
    size_t dim[3] = {4, 5, 6};
    char code[4];
    mv_reorient_opt from = {1};
    mv_volume v = {0}, w = {0}, flat = {0};
    void *mem;
    CHECK_OK(mv_volume_alloc(T, &v, MEDVOL_I16, 3, dim));
    fill_random(&v);
    CHECK_OK(mv_reorient(T, &w, &v, "RAI", &from)); /* "from" R, A, I is towards L, P, S */
    mv_orientation(&w, code);
    CHECK(strcmp(code, "LPS") == 0);
    mem = w.data;
    CHECK_OK(mv_reorient(T, &w, &w, "RAS", NULL)); /* flips only: in place */
    CHECK(w.data == mem && memcmp(w.data, v.data, 240) == 0);
    CHECK_OK(mv_reorient(T, &w, &w, "SAR", NULL)); /* moves axes: new memory */
    CHECK(w.dim[0] == 6 && w.dim[2] == 4);
    mv_volume_free(T, &w);
    CHECK_OK(mv_volume_alloc(T, &flat, MEDVOL_U8, 2, dim));
    fill_random(&flat);
    CHECK_OK(mv_reorient(T, &w, &flat, "SLA", NULL)); /* a flat image stood upright */
    CHECK(w.ndim == 3 && w.dim[0] == 1 && w.dim[1] == 4 && w.dim[2] == 5);
    CHECK(((unsigned char *)w.data)[0] == ((unsigned char *)flat.data)[3]);
    mv_volume_free(T, &w);
    CHECK_OK(mv_reorient(T, &w, &flat, "ARI", NULL));
    CHECK(w.ndim == 2 && w.dim[0] == 5 && w.affine[10] == -1.0 && w.affine[11] == 0.0);
    mv_volume_free(T, &w);
    mv_volume_free(T, &flat);
    mv_volume_free(T, &v);
}

/* ---- crop and pad ---- */
static long pad_index(mv_pad_mode mode, long i, long n) { /* one step after the other; -1: the fill */
    while (i < 0 || i >= n) {
        if (mode == MEDVOL_PAD_CONSTANT) return -1;
        if (mode == MEDVOL_PAD_EDGE || (mode == MEDVOL_PAD_REFLECT && n == 1)) i = i < 0 ? 0 : n - 1;
        else if (mode == MEDVOL_PAD_WRAP) i += i < 0 ? n : -n;
        else if (mode == MEDVOL_PAD_SYMMETRIC) i = i < 0 ? -1 - i : 2 * n - 1 - i;
        else i = i < 0 ? -i : 2 * n - 2 - i;
    }
    return i;
}
static void same_place(const mv_volume *dst, const mv_volume *src, const long *start, mv_pad_mode mode,
    const unsigned char *fill) {
    size_t i[7] = {0}, j[7] = {0}, z = mv_dtype_size(src->dtype), wrong = 0, away = 0;
    int d, r;
    do {
        const unsigned char *p;
        int in = 1, plain = 1;
        for (d = 0; d < dst->ndim; d++) {
            /* NOLINTNEXTLINE(clang-analyzer-core.UndefinedBinaryOperatorResult): so has start */
            long k = (long)i[d] + start[d], m = pad_index(mode, k, (long)src->dim[d]);
            if (m < 0) in = 0;
            if (m < 0 || m != k) plain = 0;
            j[d] = m < 0 ? 0 : (size_t)m;
        }
        p = in ? at(src, j) : fill;
        wrong += memcmp(at(dst, i), p, z) != 0;
        for (r = 0; r < 3 && plain; r++) away += !(fabs(world_of(dst, i, r) - world_of(src, j, r)) <= 1e-9);
    } while (next(dst, i));
    CHECK(wrong == 0);
    CHECK(away == 0);
}
static void one_crop(mv_dtype t, const size_t *shape, int k) {
    guarded src, dst;
    mv_volume out = {0};
    size_t start[7], size[7];
    long s[7];
    int nd = (int)shape[0], d;
    g_make(&src, t, nd, shape + 1, k & 1);
    fill_random(&src.v);
    some_affine(&src.v, k % 4);
    for (d = 0; d < nd; d++) {
        start[d] = (size_t)(t_bits() % shape[1 + d]);
        size[d] = 1 + (size_t)(t_bits() % (shape[1 + d] - start[d]));
        if (t_bits() % 3 == 0) start[d] = 0, size[d] = shape[1 + d];
        s[d] = (long)start[d];
    }
    g_make(&dst, t, nd, size, k & 2);
    CHECK_OK(mv_crop(T, &dst.v, &src.v, start, size, NULL));
    same_place(&dst.v, &src.v, s, MEDVOL_PAD_CONSTANT, NULL);
    CHECK(gap_bytes(&dst) == gaps(&dst));
    CHECK_OK(mv_crop(T, &out, &src.v, start, size, NULL));
    same_place(&out, &src.v, s, MEDVOL_PAD_CONSTANT, NULL);
    mv_volume_free(T, &out);
    g_free(&src);
    g_free(&dst);
}
static void test_crop(void) {
    int s, k, turn = t_level + t_threads;
    for (s = 0; s < NSHAPES; s++)
        for (k = 0; k < 7; k++) one_crop(sizes[k], shapes[s], turn++);
    for (k = 0; k < NDT; k++) one_crop(types[k], shapes[4], k);
}
static void test_crop_clip(void) {
    size_t dim[3] = {5, 6, 7}, start[3] = {3, 0, 6}, size[3] = {100, 2, (size_t)-1};
    mv_crop_opt clip = {1};
    mv_volume v = {0}, w = {0};
    CHECK_OK(mv_volume_alloc(T, &v, MEDVOL_U8, 3, dim));
    fill_random(&v);
    CHECK_OK(mv_crop(T, &w, &v, start, size, &clip));
    CHECK(w.dim[0] == 2 && w.dim[1] == 2 && w.dim[2] == 1);
    start[0] = 5;
    CHECK_STATUS(mv_crop(T, &w, &v, start, size, &clip), MEDVOL_E_EMPTY);
    start[0] = 3, size[0] = 2, size[2] = 1;
    CHECK_OK(mv_crop(T, &v, &v, start, size, NULL)); /* dst == src: new memory */
    CHECK(v.dim[0] == 2 && memcmp(v.data, w.data, 4) == 0);
    mv_volume_free(T, &v);
    mv_volume_free(T, &w);
}
static void one_pad(mv_dtype t, const size_t *shape, mv_pad_mode mode, int k, size_t most) {
    guarded src, dst;
    mv_pad_opt opt = {0};
    size_t before[7], after[7], dim[7];
    unsigned char zero[64] = {0};
    long s[7];
    int nd = (int)shape[0], d;
    g_make(&src, t, nd, shape + 1, k & 1);
    fill_random(&src.v);
    some_affine(&src.v, k % 4);
    for (d = 0; d < nd; d++) {
        before[d] = (size_t)(t_bits() % most);
        after[d] = (size_t)(t_bits() % most);
        if (t_bits() % 3 == 0) before[d] = after[d] = 0;
        dim[d] = before[d] + shape[1 + d] + after[d];
        s[d] = -(long)before[d];
    }
    opt.mode = mode;
    g_make(&dst, t, nd, dim, k & 2);
    CHECK_OK(mv_pad(T, &dst.v, &src.v, before, after, &opt));
    same_place(&dst.v, &src.v, s, mode, zero);
    CHECK(gap_bytes(&dst) == gaps(&dst));
    g_free(&src);
    g_free(&dst);
}
static void test_pad(void) {
    int s, k, m, turn = t_level + t_threads;
    for (s = 0; s < NSHAPES; s++)
        for (k = 0; k < 7; k++)
            one_pad(sizes[k], shapes[s], (mv_pad_mode)(turn % 5), turn, shapes[s][0] > 4 ? 3 : 9), turn++;
    for (k = 0; k < 7; k++)
        /* beyond the size, repeatedly */
        for (m = 0; m < 5; m++) one_pad(sizes[k], shapes[4], (mv_pad_mode)m, turn++, 40);
    for (m = 0; m < 5; m++) one_pad(MEDVOL_I16, shapes[18], (mv_pad_mode)m, turn++, 20);
    for (k = 0; k < NDT; k++) one_pad(types[k], shapes[2], (mv_pad_mode)(k % 5), k, 30);
}
static void test_pad_value(void) { /* the value is a real one: through slope and inter, rounded, saturated */
    size_t dim[2] = {3, 2}, one[2] = {1, 1}, i[7] = {0};
    mv_pad_opt opt = {0};
    mv_volume v = {0}, w = {0};
    static const struct {
        mv_dtype t;
        double slope, inter, value, stored;
    } row[] = {{MEDVOL_I16, 0, 0, -1024, -1024}, {MEDVOL_I16, 2, -50, 120, 85},   {MEDVOL_I16, -0.5, 3, 0, 6},
               {MEDVOL_U8, 0, 0, -1024, 0},      {MEDVOL_U8, 0, 0, 1e30, 255},    {MEDVOL_I16, 2, 0, 5, 2},
               {MEDVOL_I16, 2, 0, 7, 4},         {MEDVOL_F32, 0, 0, 0.25, 0.25},  {MEDVOL_F32, 4, 1, 2, 0.25},
               {MEDVOL_F64, 0, 0, -3.5, -3.5},   {MEDVOL_I64, 0, 0, 1e12, 1e12}};
    size_t k;
    for (k = 0; k < sizeof row / sizeof *row; k++) {
        double got = 0;
        CHECK_OK(mv_volume_alloc(T, &v, row[k].t, 2, dim));
        fill_random(&v);
        v.slope = row[k].slope;
        v.inter = row[k].inter;
        opt.value = row[k].value;
        CHECK_OK(mv_pad(T, &w, &v, one, one, &opt));
        CHECK(w.slope == v.slope && w.inter == v.inter);
        CHECK_OK(mv_convert_array(T, &got, MEDVOL_F64, at(&w, i), row[k].t, 1, 0, 0));
        CHECK_NEAR(got, row[k].stored, 0);
        mv_volume_free(T, &v);
        mv_volume_free(T, &w);
    }
    opt.value = 7;
    CHECK_OK(mv_volume_alloc(T, &v, MEDVOL_C64, 2, dim));
    fill_random(&v);
    CHECK_OK(mv_pad(T, &w, &v, one, one, &opt));
    CHECK(((float *)w.data)[0] == 7.0f && ((float *)w.data)[1] == 0.0f);
    mv_volume_free(T, &v);
    mv_volume_free(T, &w);
    CHECK_OK(mv_volume_alloc(T, &v, MEDVOL_RGB24, 2, dim));
    fill_random(&v);
    CHECK_OK(mv_pad(T, &w, &v, one, one, &opt));
    CHECK(((unsigned char *)w.data)[0] == 7 && ((unsigned char *)w.data)[14] == 7);
    mv_volume_free(T, &v);
    mv_volume_free(T, &w);
    CHECK_OK(mv_volume_alloc(T, &v, MEDVOL_F128, 2, dim));
    fill_random(&v);
    CHECK_STATUS(mv_pad(T, &w, &v, one, one, &opt), MEDVOL_E_DTYPE);
    mv_volume_free(T, &v);
}
/* numpy 1.24.2: pad of the int16 rows {0, 2, 10}, {3, 8, 26}: along the rows by (2, 1) first, then across by
   (1, 1) */
static void test_pad_stats(void) {
    static const int16_t a[6] = {0, 2, 10, 3, 8, 26}; /* index [y][x]; x is the first axis here */
    static const int16_t mean[24] = {
        8, 8, 2, 5, 18, 8, 4, 4, 0, 2, 10, 4, 12, 12, 3, 8, 26, 12, 8, 8, 2, 5, 18, 8};
    static const int16_t least[24] = {
        0, 0, 0, 2, 10, 0, 0, 0, 0, 2, 10, 0, 3, 3, 3, 8, 26, 3, 0, 0, 0, 2, 10, 0};
    static const int16_t most[24] = {
        26, 26, 3, 8, 26, 26, 10, 10, 0, 2, 10, 10, 26, 26, 3, 8, 26, 26, 26, 26, 3, 8, 26, 26};
    static const struct {
        mv_pad_mode mode;
        const int16_t *want;
    } row[3] = {{MEDVOL_PAD_MEAN, mean}, {MEDVOL_PAD_MINIMUM, least}, {MEDVOL_PAD_MAXIMUM, most}};
    size_t dim[3] = {3, 2, 3}, before[3] = {2, 1, 0}, after[3] = {1, 1, 2}, i, k;
    mv_volume v = {0}, w = {0};
    mv_pad_opt opt = {0};
    for (k = 0; k < 3; k++) {
        CHECK_OK(mv_volume_alloc(T, &v, MEDVOL_I16, 2, dim));
        memcpy(v.data, a, sizeof a);
        opt.mode = row[k].mode;
        CHECK_OK(mv_pad(T, &w, &v, before, after, &opt));
        for (i = 0; i < 24; i++) CHECK(((int16_t *)w.data)[i] == row[k].want[i]);
        v.slope = -2; /* of real values: least and greatest change places */
        mv_volume_free(T, &w);
        CHECK_OK(mv_pad(T, &w, &v, before, after, &opt));
        for (i = 0; i < 24; i++) CHECK(((int16_t *)w.data)[i] == row[k ? 3 - k : 0].want[i]);
        mv_volume_free(T, &w);
        mv_volume_free(T, &v);
    }
    for (k = 0; k < 12; k++) { /* every real type in three dimensions, against loops over lines */
        guarded g, o;
        size_t n[3] = {300, 3, 4}, b[3] = {3, 2, 1}, e[3] = {1, 0, 2}, big[3], idx[7] = {0};
        int axis;
        double *ref;
        for (axis = 0; axis < 3; axis++) big[axis] = b[axis] + n[axis] + e[axis];
        g_make(&g, types[k], 3, n, (int)(k & 1));
        g_make(&o, types[k], 3, big, (int)(k & 2));
        do { /* small whole numbers: every sum exact, every type holds them */
            double x = floor(t_uniform(0, 100));
            CHECK_OK(mv_convert_array(T, at(&g.v, idx), types[k], &x, MEDVOL_F64, 1, 0, 0));
        } while (next(&g.v, idx));
        opt.mode = (mv_pad_mode)(MEDVOL_PAD_MINIMUM + k % 2);
        CHECK_OK(mv_pad(T, &o.v, &g.v, b, e, &opt));
        ref = (double *)calloc(big[0] * big[1] * big[2], sizeof *ref);
        do {
            double x = 0;
            CHECK_OK(mv_convert_array(T, &x, MEDVOL_F64, at(&g.v, idx), types[k], 1, 0, 0));
            ref[idx[0] + b[0] + big[0] * (idx[1] + b[1] + big[1] * (idx[2] + b[2]))] = x;
        } while (next(&g.v, idx));
        for (axis = 0; axis < 3; axis++) { /* extend the box along one axis at a time */
            size_t lo[3], hi[3], q[3], step = axis == 0 ? 1 : axis == 1 ? big[0] : big[0] * big[1];
            int d;
            for (d = 0; d < 3; d++) lo[d] = d < axis ? 0 : b[d], hi[d] = d < axis ? big[d] : b[d] + n[d];
            lo[axis] = 0, hi[axis] = 1;
            for (q[2] = lo[2]; q[2] < hi[2]; q[2]++)
                for (q[1] = lo[1]; q[1] < hi[1]; q[1]++)
                    for (q[0] = lo[0]; q[0] < hi[0]; q[0]++) {
                        double *line = ref + q[0] + big[0] * (q[1] + big[1] * q[2]), x = line[b[axis] * step];
                        for (i = b[axis]; i < b[axis] + n[axis]; i++)
                            x = k % 2 ? fmax(x, line[i * step]) : fmin(x, line[i * step]);
                        for (i = 0; i < big[axis]; i++)
                            if (i < b[axis] || i >= b[axis] + n[axis]) line[i * step] = x;
                    }
        }
        do {
            double x = -1;
            CHECK_OK(mv_convert_array(T, &x, MEDVOL_F64, at(&o.v, idx), types[k], 1, 0, 0));
            CHECK(x == ref[idx[0] + big[0] * (idx[1] + big[1] * idx[2])]);
        } while (next(&o.v, idx));
        CHECK(gap_bytes(&o) == gaps(&o));
        free(ref);
        g_free(&g);
        g_free(&o);
    }
}
/* 64-bit values that a double cannot tell apart; NaN passes on; mean of halves */
static void test_pad_stats_exact(void) {
    static const int64_t a[3] = {9007199254740993, 9007199254740992, 9007199254740995};
    static const float f[3] = {1, NAN, 2};
    static const unsigned char h[4] = {1, 2, 2, 5};
    size_t n = 3, one = 1;
    mv_pad_opt opt = {MEDVOL_PAD_MINIMUM, 0};
    mv_volume v = {0}, w = {0};
    CHECK_OK(mv_volume_wrap(T, &v, (void *)(uintptr_t)a, MEDVOL_I64, 1, &n, NULL));
    CHECK_OK(mv_pad(T, &w, &v, &one, &one, &opt));
    CHECK(((int64_t *)w.data)[0] == a[1] && ((int64_t *)w.data)[4] == a[1]);
    mv_volume_free(T, &w);
    CHECK_OK(mv_volume_wrap(T, &v, (void *)(uintptr_t)f, MEDVOL_F32, 1, &n, NULL));
    CHECK_OK(mv_pad(T, &w, &v, &one, &one, &opt));
    CHECK(((float *)w.data)[0] != ((float *)w.data)[0]);
    mv_volume_free(T, &w);
    n = 4;
    opt.mode = MEDVOL_PAD_MEAN;
    CHECK_OK(mv_volume_wrap(T, &v, (void *)(uintptr_t)h, MEDVOL_U8, 1, &n, NULL));
    CHECK_OK(mv_pad(T, &w, &v, &one, &one, &opt));
    CHECK(((unsigned char *)w.data)[0] == 2); /* 2.5 to even */
    mv_volume_free(T, &w);
}
/* into a dst of more axes than src: what lies behind the entries of before and after is not read */
static void test_pad_stats_axes(void) {
    static const size_t dim[3] = {8, 1, 1}, before[3] = {2, 5, 9}, after[3] = {3, 4, 6};
    static const int32_t want[8] = {-1, -1, 4, -1, 7, -1, -1, -1};
    int32_t a[3] = {4, -1, 7}, b[512];
    const size_t n = 3;
    mv_pad_opt opt = {MEDVOL_PAD_MINIMUM, 0};
    mv_volume v = {0}, w = {0};
    int i;
    for (i = 0; i < 512; i++) b[i] = 123;
    CHECK_OK(mv_volume_wrap(T, &v, a, MEDVOL_I32, 1, &n, NULL));
    CHECK_OK(mv_volume_wrap(T, &w, b, MEDVOL_I32, 3, dim, NULL));
    CHECK_OK(mv_pad(T, &w, &v, before, after, &opt));
    for (i = 0; i < 512; i++) CHECK(b[i] == (i < 8 ? want[i] : 123));
}
/* the same of neighbouring lines, every lane of a vector and of the rest; signs of 64-bit integers */
static void test_pad_stats_lanes(void) {
    enum { N = 37 };
    static const uint32_t payload = 0xffc01234, nan = 0x7fc00000;
    static float f[3][N];
    static int64_t a[3][N];
    size_t dim[2] = {N, 3}, none[2] = {0, 0}, one[2] = {0, 1}, i, j;
    mv_pad_opt opt = {MEDVOL_PAD_MAXIMUM, 0};
    mv_volume v = {0}, w = {0};
    for (j = 0; j < 3; j++)
        for (i = 0; i < N; i++) {
            f[j][i] = i % 3 == j && i % 5 == 0 ? NAN : (float)((i * 7 + j * 5) % 11) - 5;
            a[j][i] = ((int64_t)1 << 60) * (int64_t)(j == i % 3 ? 1 : -1) + (int64_t)((i * 5 + j * 3) % 7);
        }
    CHECK_OK(mv_volume_wrap(T, &v, f, MEDVOL_F32, 2, dim, NULL));
    CHECK_OK(mv_pad(T, &w, &v, one, none, &opt));
    for (i = 0; i < N; i++) {
        float got = ((float *)w.data)[i], want = fmaxf(fmaxf(f[0][i], f[1][i]), f[2][i]);
        CHECK(i % 5 == 0 ? got != got : got == want);
    }
    mv_volume_free(T, &w);
    opt.mode = MEDVOL_PAD_MEAN; /* two NaNs: one bit pattern all the same */
    for (i = 0; i < N; i += 10) memcpy(&f[(i + 1) % 3][i], &payload, sizeof payload);
    CHECK_OK(mv_pad(T, &w, &v, one, none, &opt));
    for (i = 0; i < N; i += 5) CHECK(!memcmp((float *)w.data + i, &nan, sizeof nan));
    mv_volume_free(T, &w);
    opt.mode = MEDVOL_PAD_MAXIMUM;
    CHECK_OK(mv_volume_wrap(T, &v, a, MEDVOL_I64, 2, dim, NULL));
    CHECK_OK(mv_pad(T, &w, &v, one, none, &opt));
    for (i = 0; i < N; i++) CHECK(((int64_t *)w.data)[i] == a[i % 3][i]);
    mv_volume_free(T, &w);
    v.dtype = MEDVOL_U64; /* the negative ones are the greatest now */
    CHECK_OK(mv_pad(T, &w, &v, one, none, &opt));
    for (i = 0; i < N; i++) {
        uint64_t b = (uint64_t)a[(i + 1) % 3][i], c = (uint64_t)a[(i + 2) % 3][i];
        CHECK(((uint64_t *)w.data)[i] == (b > c ? b : c));
    }
    mv_volume_free(T, &w);
    v.dtype = MEDVOL_I64;
    opt.mode = MEDVOL_PAD_MINIMUM;
    CHECK_OK(mv_pad(T, &w, &v, one, none, &opt));
    for (i = 0; i < N; i++) {
        int64_t b = a[(i + 1) % 3][i], c = a[(i + 2) % 3][i];
        CHECK(((int64_t *)w.data)[i] == (b < c ? b : c));
    }
    mv_volume_free(T, &w);
}
static void test_crop_or_pad(void) {
    static const struct {
        size_t n, t;
        long start[4]; /* medvol, MONAI, TorchIO, medrs: first voxel kept, negative: voxels in front */
    } row[] = {{8, 4, {2, 2, 2, 2}}, {8, 5, {2, 2, 2, 1}}, {7, 4, {1, 1, 2, 1}}, {9, 5, {2, 2, 2, 2}},
        {4, 8, {-2, -2, -2, -2}}, {5, 8, {-2, -1, -2, -1}}, {4, 7, {-1, -1, -2, -1}}, {5, 5, {0, 0, 0, 0}}};
    size_t k, dim[4], shape[4];
    int rule;
    unsigned char zero[64] = {0};
    for (k = 0; k < sizeof row / sizeof *row; k++)
        for (rule = 0; rule < 4; rule++) {
            mv_crop_or_pad_opt opt = {0};
            mv_volume v = {0}, w = {0};
            long start[4];
            size_t other = (k * 3 + 5) % 8;
            opt.rule = (mv_centre_rule)rule;
            dim[0] = row[k].n, shape[0] = row[k].t, start[0] = row[k].start[rule];
            dim[1] = row[other].n, shape[1] = row[other].t, start[1] = row[other].start[rule];
            dim[2] = shape[2] = 2, start[2] = 0;
            dim[3] = shape[3] = 3, start[3] = 0;
            CHECK_OK(mv_volume_alloc(T, &v, sizes[k % 7], 4, dim));
            fill_random(&v);
            some_affine(&v, (int)(k % 4));
            CHECK_OK(mv_crop_or_pad(T, &w, &v, shape, &opt));
            CHECK(w.dim[0] == shape[0] && w.dim[1] == shape[1] && w.dim[3] == 3);
            same_place(&w, &v, start, MEDVOL_PAD_CONSTANT, zero);
            if (rule == 0 && shape[0] >= dim[0] && shape[1] >= dim[1]) { /* there and back */
                CHECK_OK(mv_crop_or_pad(T, &w, &w, dim, NULL));
                CHECK(memcmp(w.data, v.data, mv_volume_count(&v) * mv_dtype_size(v.dtype)) == 0);
                CHECK(memcmp(w.affine, v.affine, sizeof w.affine) == 0 ||
                    fabs(w.affine[3] - v.affine[3]) < 1e-12);
            }
            mv_volume_free(T, &v);
            mv_volume_free(T, &w);
        }
    { /* cropped in one axis, wrapped in the other */
        mv_crop_or_pad_opt opt = {MEDVOL_CENTRE_MEDVOL, MEDVOL_PAD_WRAP, 0};
        mv_volume v = {0}, w = {0}, box;
        size_t from[2] = {3, 0}, size[2] = {4, 3};
        long start[2] = {0, -4};
        dim[0] = 10, dim[1] = 3, shape[0] = 4, shape[1] = 11;
        CHECK_OK(mv_volume_alloc(T, &v, MEDVOL_I16, 2, dim));
        fill_random(&v);
        CHECK_OK(mv_volume_view(T, &box, &v, from, size));
        CHECK_OK(mv_crop_or_pad(T, &w, &v, shape, &opt));
        same_place(&w, &box, start, MEDVOL_PAD_WRAP, zero);
        mv_volume_free(T, &v);
        mv_volume_free(T, &w);
    }
}
static void test_pad_then_crop(void) {
    size_t dim[3] = {13, 6, 9}, before[3] = {3, 0, 5}, after[3] = {1, 2, 0};
    int k;
    for (k = 0; k < NDT; k++) {
        mv_volume v = {0}, w = {0};
        int d;
        CHECK_OK(mv_volume_alloc(T, &v, types[k], 3, dim));
        fill_random(&v);
        some_affine(&v, k % 4);
        CHECK_OK(mv_pad(T, &w, &v, before, after, NULL));
        CHECK_OK(mv_crop(T, &w, &w, before, dim, NULL));
        CHECK(memcmp(w.data, v.data, mv_volume_count(&v) * mv_dtype_size(types[k])) == 0);
        for (d = 0; d < 12; d++) CHECK_NEAR(w.affine[d], v.affine[d], 1e-12 * (1 + fabs(v.affine[d])));
        mv_volume_free(T, &v);
        mv_volume_free(T, &w);
    }
}

/* ---- foreground ---- */
/* Every value type and threshold against a plain comparison of real values, at the ends of rows of any
   length. */
static void test_foreground_rule(void) {
    static const mv_dtype type[] = {MEDVOL_F32, MEDVOL_U8,  MEDVOL_I16, MEDVOL_U16,
                                    MEDVOL_F64, MEDVOL_I32, MEDVOL_F16};
    static const size_t row[] = {1, 3, 16, 31, 64, 67, 150, 600};
    const double inf = HUGE_VAL;
    const double limit[] = {0, -0.5, 0.1, 99.5, 7, -1e-50, 1e300, -1e300, 3.5e38, inf, -inf, -7};
    const double value[] = {0, -0.0, 7, 100, 0.1, NAN, -7, inf, -inf, 1e-45, -1e-45, 3.4028234663852886e38};
    unsigned t, n, k, seed = 1;
    for (t = 0; t < 7; t++)
        for (n = 0; n < 8; n++)
            for (k = 0; k <= 12; k++) {
                size_t dim[2] = {0, 3}, start[2], size[2], i;
                size_t lo[2] = {(size_t)-1, (size_t)-1}, hi[2] = {0, 0};
                mv_foreground_opt opt;
                mv_volume v = {0};
                mv_status st;
                double x;
                dim[0] = row[n];
                memset(&opt, 0, sizeof opt);
                opt.above = k < 12;
                opt.threshold = k < 12 ? limit[k] : 0;
                CHECK_OK(mv_volume_alloc(T, &v, type[t], 2, dim));
                memset(v.data, 0, 3 * row[n] * mv_dtype_size(type[t]));
                for (i = 0; i < 3 * row[n]; i++) {
                    unsigned char *p = (unsigned char *)v.data + i * mv_dtype_size(type[t]);
                    seed = seed * 1664525u + 1013904223u;
                    if (seed >> 24 < 250 - 20 * (k % 3)) continue; /* sparse: the ends differ */
                    CHECK_OK(mv_convert_array(T, p, type[t], &value[seed / 4096 % 12], MEDVOL_F64, 1, 0, 0));
                }
                for (i = 0; i < 3 * row[n]; i++) {
                    const unsigned char *p = (const unsigned char *)v.data + i * mv_dtype_size(type[t]);
                    CHECK_OK(mv_convert_array(T, &x, MEDVOL_F64, p, type[t], 1, 0, 0));
                    if (!(k < 12 ? x > limit[k] : x < 0 || x > 0)) continue;
                    lo[0] = i % row[n] < lo[0] ? i % row[n] : lo[0];
                    hi[0] = i % row[n] >= hi[0] ? i % row[n] + 1 : hi[0];
                    lo[1] = i / row[n] < lo[1] ? i / row[n] : lo[1];
                    hi[1] = i / row[n] + 1;
                }
                st = mv_foreground_box(T, start, size, &v, &opt);
                if (hi[0] == 0) CHECK(st == MEDVOL_E_EMPTY);
                else {
                    CHECK(st == MEDVOL_OK && start[0] == lo[0] && start[1] == lo[1]);
                    CHECK(size[0] == hi[0] - lo[0] && size[1] == hi[1] - lo[1]);
                }
                mv_volume_free(T, &v);
            }
}
/* Few voxels among zeros, which are passed over by whole rows: next to each other, with gaps behind rows or
   planes; memory ends at an unreadable page. */
static void test_foreground_sparse(void) {
    static const mv_dtype type[] = {MEDVOL_F32, MEDVOL_U8, MEDVOL_I16, MEDVOL_F64, MEDVOL_RGB24, MEDVOL_C128};
    static const size_t row[] = {1, 5, 16, 33, 64, 100, 257, 700};
    int t, n, k, way, d;
    for (t = 0; t < 6; t++)
        for (n = 0; n < 8; n++)
            for (way = 0; way < 3; way++)
                for (k = 0; k < 12; k++) {
                    size_t z = mv_dtype_size(type[t]), dim[3], lo[3], hi[3], start[3], size[3], i, voxels;
                    ptrdiff_t stride[3] = {1, 0, 0};
                    unsigned char *mem;
                    mv_volume v;
                    dim[0] = row[n], dim[1] = 7 + (size_t)k, dim[2] = 11;
                    stride[1] = (ptrdiff_t)dim[0] + (way == 1 ? 3 : 0);
                    stride[2] = stride[1] * (ptrdiff_t)dim[1] + (way == 2 ? 9 : 0);
                    voxels = 1;
                    for (d = 0; d < 3; d++) {
                        lo[d] = (size_t)-1, hi[d] = 0;
                        voxels += (dim[d] - 1) * (size_t)stride[d];
                    }
                    mem = (unsigned char *)t_guard(voxels * z);
                    memset(mem, 0xff, voxels * z); /* what lies between does not count */
                    for (i = 0; i < dim[0] * dim[1] * dim[2]; i++) {
                        const size_t p[3] = {i % dim[0], i / dim[0] % dim[1], i / dim[0] / dim[1]};
                        size_t at = p[0] + p[1] * (size_t)stride[1] + p[2] * (size_t)stride[2];
                        int set = t_bits() % (dim[0] * dim[1] * dim[2]) < (unsigned)k;
                        memset(mem + at * z, 0, z);
                        if (!set) continue;
                        memset(mem + at * z, 1, z);
                        for (d = 0; d < 3; d++) {
                            lo[d] = p[d] < lo[d] ? p[d] : lo[d];
                            hi[d] = p[d] >= hi[d] ? p[d] + 1 : hi[d];
                        }
                    }
                    CHECK_OK(mv_volume_wrap(T, &v, mem, type[t], 3, dim, stride));
                    if (hi[0] == 0) CHECK_STATUS(mv_foreground_box(T, start, size, &v, NULL), MEDVOL_E_EMPTY);
                    else CHECK_OK(mv_foreground_box(T, start, size, &v, NULL));
                    for (d = 0; d < 3 && hi[0]; d++) CHECK(start[d] == lo[d] && start[d] + size[d] == hi[d]);
                    t_guard_free(mem, voxels * z);
                }
}
static void test_foreground(void) {
    size_t dim[4] = {40, 9, 7, 2}, start[7], size[7], b0[7], b1[7], i[7] = {0};
    mv_foreground_opt opt;
    int k;
    for (k = 0; k < 16; k++) { /* all but the long doubles: one foreground voxel in each corner of a box */
        mv_volume v = {0}, w = {0};
        size_t p[7] = {31, 2, 5, 1}, q[7] = {12, 6, 3, 0}, z = mv_dtype_size(types[k]);
        double one = 1;
        unsigned char e[16];
        memset(&opt, 0, sizeof opt);
        memset(e, 1, sizeof e);
        if (k < 12) CHECK_OK(mv_convert_array(T, e, types[k], &one, MEDVOL_F64, 1, 0, 0));
        if (types[k] == MEDVOL_C64) memset(e, 0, 16), e[6] = 0x80, e[7] = 0x3f; /* 0 + 1i */
        CHECK_OK(mv_volume_alloc(T, &v, types[k], 4, dim));
        memset(v.data, 0, mv_volume_count(&v) * z);
        if (types[k] == MEDVOL_RGBA32) { /* opaque black is background */
            i[0] = 39, i[1] = 8, i[2] = 6, i[3] = 1;
            at(&v, i)[3] = 255;
        }
        CHECK_STATUS(mv_crop_foreground(T, &w, &v, NULL), MEDVOL_E_EMPTY);
        CHECK(w.data == NULL);
        memcpy(at(&v, p), e, z);
        memcpy(at(&v, q), e, z);
        some_affine(&v, k % 4);
        CHECK_OK(mv_foreground_box(T, start, size, &v, NULL));
        CHECK(start[0] == 12 && size[0] == 20 && start[1] == 2 && size[1] == 5 && start[2] == 3 &&
            size[2] == 3);
        CHECK(start[3] == 0 && size[3] == 2);
        opt.margin = 3;
        opt.box_start = b0;
        opt.box_size = b1;
        CHECK_OK(mv_crop_foreground(T, &w, &v, &opt));
        CHECK(
            b0[0] == 9 && b1[0] == 26 && b0[1] == 0 && b1[1] == 9 && b0[2] == 0 && b1[2] == 7 && b1[3] == 2);
        CHECK(w.dim[0] == 26 && w.dim[3] == 2);
        CHECK_NEAR(w.affine[3], v.affine[3] + 9 * v.affine[0], 1e-12 * (1 + fabs(v.affine[3])));
        mv_volume_free(T, &w);
        if (k < 12) { /* real values decide: stored 1 is real 0, stored 0 is real -2 */
            v.slope = 2;
            v.inter = -2;
            CHECK_OK(mv_foreground_box(T, start, size, &v, NULL));
            CHECK(size[0] == 40 && size[1] == 9 && size[2] == 7);
            memset(&opt, 0, sizeof opt);
            opt.above = 1;
            opt.threshold = -0.5;
            CHECK_OK(mv_foreground_box(T, start, size, &v, &opt));
            CHECK(start[0] == 12 && size[0] == 20 && size[2] == 3);
            opt.threshold = 0;
            CHECK_STATUS(mv_foreground_box(T, start, size, &v, &opt), MEDVOL_E_EMPTY);
        }
        mv_volume_free(T, &v);
    }
    { /* a mask decides; NaN and -0 are background */
        mv_volume v = {0}, m = {0}, w = {0};
        float *f;
        CHECK_OK(mv_volume_alloc(T, &v, MEDVOL_F32, 2, dim));
        CHECK_OK(mv_volume_alloc(T, &m, MEDVOL_U8, 2, dim));
        memset(v.data, 0, 360 * 4);
        memset(m.data, 0, 360);
        f = (float *)v.data;
        f[3] = NAN;
        f[359] = -0.0f;
        f[81] = -1;
        CHECK_OK(mv_foreground_box(T, start, size, &v, NULL));
        CHECK(start[0] == 1 && size[0] == 1 && start[1] == 2 && size[1] == 1);
        ((unsigned char *)m.data)[5 * 40 + 7] = 1;
        memset(&opt, 0, sizeof opt);
        opt.by = &m;
        CHECK_OK(mv_crop_foreground(T, &w, &v, &opt));
        CHECK(w.dim[0] == 1 && w.dim[1] == 1 && w.dtype == MEDVOL_F32);
        opt.threshold = NAN;
        CHECK_STATUS(mv_foreground_box(T, start, size, &v, &opt), MEDVOL_E_RANGE);
        opt.threshold = 0;
        m.dim[0] = 39;
        CHECK_STATUS(mv_foreground_box(T, start, size, &v, &opt), MEDVOL_E_SHAPE);
        mv_volume_free(T, &v);
        mv_volume_free(T, &m);
        mv_volume_free(T, &w);
    }
}

/* ---- the world invariant: real value = 3 x - 2 y + z + 5 of the world position, before and after ---- */
static double linear(const mv_volume *v, const size_t *i) {
    return 3 * world_of(v, i, 0) - 2 * world_of(v, i, 1) + world_of(v, i, 2) + 5;
}
static double real_at(const mv_volume *v, const size_t *i) {
    double x = 0;
    CHECK_OK(mv_convert_array(T, &x, MEDVOL_F64, at(v, i), v->dtype, 1, v->slope, v->inter));
    return x;
}
static void still_linear(const mv_volume *v, const size_t *lo, const size_t *hi, const char *what) {
    size_t i[7] = {0};
    double worst = 0;
    int d;
    do {
        int inside = 1;
        for (d = 0; d < v->ndim; d++) inside = inside && (!lo || (i[d] >= lo[d] && i[d] < hi[d]));
        if (inside) worst = fmax(worst, fabs(real_at(v, i) - linear(v, i)));
    } while (next(v, i));
    if (!CHECK(worst <= 1e-3)) fprintf(stderr, "  %s: off by %g\n", what, worst);
}
static void test_world(void) {
    /* permuted, flipped, anisotropic */
    static const double a[5][12] = {{-2, 0, 0, 30, 0, 0, 3, -20, 0, 1, 0, -7},
                                    {2, 1, 0, 3, -1, 3, 1, 4, 0, 1, -2, 8},      /* oblique, whole numbers */
                                    {0, 0, 4, -9, 1, 0, 0, 6, 0, -1, 0, 2},      /* permuted */
                                    {1, -1, 1, 0, 1, 1, 0, 10, -1, 0, 3, -5},    /* oblique */
                                    {-1, 0, 0, 0, 0, -1, 0, 0, 0, 0, 1, 0}};     /* LPS */
    static const mv_dtype dt[4] = {MEDVOL_F32, MEDVOL_I16, MEDVOL_I32, MEDVOL_F64};
    size_t dim[4] = {7, 10, 5, 2}, i[7] = {0}, start[4] = {1, 3, 0, 0}, size[4] = {5, 6, 4, 2};
    size_t before[4] = {2, 1, 0, 1}, after[4] = {1, 0, 3, 0}, shape[4] = {9, 7, 6, 2};
    size_t lo[4] = {2, 1, 0, 1}, hi[4] = {9, 11, 5, 3};
    size_t clo[4] = {1, 0, 1, 0}, chi[4] = {8, 7, 6, 2};
    static const int orders[5][4] = {{2, 1, 0, 3}, {1, 2, 0, 3}, {0, 2, 1, 3}, {2, 0, 1, 3}, {1, 0, 2, 3}};
    int k, t;
    for (k = 0; k < 5; k++)
        for (t = 0; t < 4; t++) {
            mv_volume v = {0}, w = {0};
            CHECK_OK(mv_volume_alloc(T, &v, dt[t], 4, dim));
            memcpy(v.affine, a[k], sizeof a[k]);
            if (dt[t] == MEDVOL_I16) v.slope = 0.5, v.inter = -3;
            do {
                double x = linear(&v, i);
                if (dt[t] == MEDVOL_I16) x = (x + 3) / 0.5;
                CHECK_OK(mv_convert_array(T, at(&v, i), dt[t], &x, MEDVOL_F64, 1, 0, 0));
            } while (next(&v, i));
            still_linear(&v, NULL, NULL, "itself");
            CHECK_OK(mv_crop(T, &w, &v, start, size, NULL));
            still_linear(&w, NULL, NULL, "crop");
            mv_volume_free(T, &w);
            CHECK_OK(mv_pad(T, &w, &v, before, after, NULL));
            still_linear(&w, lo, hi, "pad");
            mv_volume_free(T, &w);
            CHECK_OK(mv_crop_or_pad(T, &w, &v, shape, NULL));
            still_linear(&w, clo, chi, "crop_or_pad");
            CHECK_STATUS(mv_flip(T, &w, &v, 0), MEDVOL_E_SHAPE);
            mv_volume_free(T, &w);
            CHECK_OK(mv_flip(T, &w, &v, (unsigned)(1 + k) & 7));
            still_linear(&w, NULL, NULL, "flip");
            CHECK_OK(mv_flip(T, &w, &w, (unsigned)(3 + t) & 7));
            still_linear(&w, NULL, NULL, "flip in place");
            CHECK_OK(mv_permute(T, &w, &w, orders[k]));
            still_linear(&w, NULL, NULL, "permute");
            CHECK_OK(mv_rot90(T, &w, &w, 1 + t, k % 3, (k + 1) % 3));
            still_linear(&w, NULL, NULL, "rot90");
            CHECK_OK(mv_reorient(T, &w, &w, t & 1 ? "RAS" : "PIL", NULL));
            still_linear(&w, NULL, NULL, "reorient");
            mv_volume_free(T, &w);
            mv_volume_free(T, &v);
        }
}

/* ---- the header's axes ---- */
static void test_header(void) {
    size_t dim[3] = {4, 5, 9}, before[3] = {0, 0, 2}, after[3] = {1, 0, 0}, start[3] = {0, 0, 1},
           size[3] = {4, 5, 8};
    int order[3] = {2, 0, 1};
    mv_nifti h;
    mv_volume v = {0}, w = {0};
    memset(&h, 0, sizeof h);
    h.dim_info = 1 | 2 << 2 | 3 << 4; /* frequency i, phase j, slice k */
    h.slice_start = 1;
    h.slice_end = 7;
    h.slice_code = 3;
    h.slice_duration = 0.1;
    CHECK_OK(mv_volume_alloc(T, &v, MEDVOL_U8, 3, dim));
    fill_random(&v);
    v.nifti = &h;
    CHECK_OK(mv_flip(T, &w, &v, 4));
    CHECK(w.nifti->slice_start == 1 && w.nifti->slice_end == 7 && w.nifti->slice_code == 4 &&
        w.nifti->dim_info == h.dim_info);
    h.slice_end = 6;
    mv_volume_free(T, &w);
    CHECK_OK(mv_flip(T, &w, &v, 5));
    CHECK(w.nifti->slice_start == 2 && w.nifti->slice_end == 7 && h.slice_start == 1 && h.slice_code == 3);
    mv_volume_free(T, &w);
    CHECK_OK(mv_permute(T, &w, &v, order)); /* slices first, frequency second, phase third */
    CHECK(w.nifti->dim_info == (2 | 3 << 2 | 1 << 4) && w.nifti->slice_code == 3 && w.nifti->slice_end == 6);
    mv_volume_free(T, &w);
    CHECK_OK(mv_pad(T, &w, &v, before, after, NULL));
    CHECK(w.nifti->slice_start == 3 && w.nifti->slice_end == 8 && w.nifti->slice_code == 3);
    mv_volume_free(T, &w);
    CHECK_OK(mv_crop(T, &w, &v, start, size, NULL));
    CHECK(w.nifti->slice_start == 0 && w.nifti->slice_end == 5 && w.nifti->slice_code == 3);
    mv_volume_free(T, &w);
    start[2] = 2, size[2] = 3; /* the pattern is cut */
    CHECK_OK(mv_crop(T, &w, &v, start, size, NULL));
    CHECK(w.nifti->slice_start == 0 && w.nifti->slice_end == 0 && w.nifti->slice_code == 0 &&
        w.nifti->slice_duration == 0.0);
    CHECK(w.nifti->dim_info == h.dim_info && h.slice_end == 6);
    mv_volume_free(T, &w);
    h.dim_info = 0; /* unnamed: slices are taken along the third axis, and lost when it moves */
    CHECK_OK(mv_permute(T, &w, &v, order));
    CHECK(w.nifti->slice_code == 0 && w.nifti->dim_info == 0);
    v.nifti = NULL;
    mv_volume_free(T, &w);
    mv_volume_free(T, &v);
}

/* ---- arrays ---- */
static void test_arrays(void) {
    static const size_t elem[] = {1, 2, 3, 4, 5, 6, 8, 12, 16, 24, 32, 64};
    size_t dim[3] = {19, 34, 3}, k, n = 19 * 34 * 3, i, j, l;
    int order[3] = {1, 2, 0};
    for (k = 0; k < sizeof elem / sizeof *elem; k++) {
        size_t z = elem[k], before[3] = {2, 40, 0}, after[3] = {0, 1, 4}, m = 21 * 75 * 7, wrong = 0;
        unsigned char *a = (unsigned char *)t_guard(n * z), *b = (unsigned char *)t_guard(n * z),
                      *p = (unsigned char *)t_guard(m * z);
        ptrdiff_t ss[3] = {-1, 19, -(19 * 34)}, ds[3];
        for (i = 0; i < n * z; i++) a[i] = (unsigned char)t_bits();
        /* src run backwards along 0 and 2, axis 1 flipped; dst[y][z][x] reversed in memory along its last
           axis */
        ds[0] = 1, ds[1] = 34, ds[2] = -34 * 3;
        CHECK_OK(mv_permute_array(
            T, b + 18 * 34 * 3 * z, ds, a + (18 + 19 * 34 * 2) * z, ss, z, 3, dim, order, 2));
        for (l = 0; l < 3; l++)
            for (j = 0; j < 34; j++)
                for (i = 0; i < 19; i++) {
                    const unsigned char *s = a + ((18 - i) + 19 * (33 - j) + 19 * 34 * (2 - l)) * z;
                    wrong += memcmp(b + (j + 34 * l + 34 * 3 * (18 - i)) * z, s, z) != 0;
                }
        CHECK(wrong == 0);
        CHECK_OK(mv_pad_array(T, p, a, z, 3, dim, before, after, MEDVOL_PAD_SYMMETRIC, NULL));
        for (l = 0; l < 7; l++)
            for (j = 0; j < 75; j++)
                for (i = 0; i < 21; i++) {
                    long x = pad_index(MEDVOL_PAD_SYMMETRIC, (long)i - 2, 19),
                         y = pad_index(MEDVOL_PAD_SYMMETRIC, (long)j - 40, 34),
                         q = pad_index(MEDVOL_PAD_SYMMETRIC, (long)l, 3);
                    wrong += memcmp(p + (i + 21 * (j + 75 * l)) * z, a + (size_t)(x + 19 * (y + 34 * q)) * z,
                                 z) != 0;
                }
        CHECK(wrong == 0);
        CHECK_OK(mv_pad_array(T, p, a, z, 3, dim, before, after, MEDVOL_PAD_CONSTANT, a + z));
        CHECK(memcmp(p, a + z, z) == 0 && memcmp(p + (m - 1) * z, a + z, z) == 0);
        t_guard_free(a, n * z);
        t_guard_free(b, n * z);
        t_guard_free(p, m * z);
    }
}
static void test_arrays_bad(void) {
    unsigned char a[64] = {0}, b[64];
    size_t dim[2] = {4, 4}, zero[2] = {4, 0}, big[2] = {(size_t)-1 / 2, 4}, none[2] = {0, 0},
           huge[2] = {(size_t)-1, 1};
    ptrdiff_t fold[2] = {1, 2}, far[2] = {1, PTRDIFF_MAX};
    int twice[2] = {0, 0};
    CHECK_STATUS(mv_permute_array(T, NULL, NULL, a, NULL, 1, 2, dim, NULL, 0), MEDVOL_E_NULL);
    CHECK_STATUS(mv_permute_array(T, b, NULL, NULL, NULL, 1, 2, dim, NULL, 0), MEDVOL_E_NULL);
    CHECK_STATUS(mv_permute_array(T, b, NULL, a, NULL, 0, 2, dim, NULL, 0), MEDVOL_E_RANGE);
    CHECK_STATUS(mv_permute_array(T, b, NULL, a, NULL, 65, 2, dim, NULL, 0), MEDVOL_E_RANGE);
    CHECK_STATUS(mv_permute_array(T, b, NULL, a, NULL, 1, 8, dim, NULL, 0), MEDVOL_E_RANGE);
    CHECK_STATUS(mv_permute_array(T, b, NULL, a, NULL, 1, 2, zero, NULL, 0), MEDVOL_E_SIZE);
    CHECK_STATUS(mv_permute_array(T, b, NULL, a, NULL, 1, 2, big, NULL, 0), MEDVOL_E_SIZE);
    CHECK_STATUS(mv_permute_array(T, b, NULL, a, NULL, 1, 2, dim, twice, 0), MEDVOL_E_RANGE);
    CHECK_STATUS(mv_permute_array(T, b, NULL, a, NULL, 1, 2, dim, NULL, 4), MEDVOL_E_RANGE);
    CHECK_STATUS(mv_permute_array(T, b, fold, a, NULL, 1, 2, dim, NULL, 0), MEDVOL_E_SHAPE);
    CHECK_STATUS(mv_permute_array(T, b, NULL, a, far, 1, 2, dim, NULL, 0), MEDVOL_E_SIZE);
    CHECK_STATUS(mv_permute_array(T, a + 8, NULL, a, NULL, 1, 2, dim, NULL, 0), MEDVOL_E_ALIAS);
    CHECK_OK(mv_permute_array(T, b, NULL, a, NULL, 4, 2, dim, NULL, 3));
    CHECK_STATUS(mv_pad_array(T, b, a, 1, 2, dim, none, NULL, MEDVOL_PAD_EDGE, NULL), MEDVOL_E_NULL);
    CHECK_STATUS(mv_pad_array(T, b, a, 1, 2, dim, none, none, MEDVOL_PAD_MEAN, NULL), MEDVOL_E_UNSUPPORTED);
    CHECK_STATUS(mv_pad_array(T, b, a, 1, 2, dim, none, none, (mv_pad_mode)99, NULL), MEDVOL_E_RANGE);
    CHECK_STATUS(mv_pad_array(T, b, a, 1, 2, dim, huge, none, MEDVOL_PAD_EDGE, NULL), MEDVOL_E_SIZE);
    CHECK_STATUS(mv_pad_array(T, a, a, 1, 2, dim, none, none, MEDVOL_PAD_EDGE, NULL), MEDVOL_E_ALIAS);
}

/* ---- bad arguments ---- */
static void test_bad(void) {
    static const char *const codes[] = {"RRA", "RLA", "RA", "", "RASX", "XYZ", "RAS ", "R2S"};
    size_t dim[3] = {4, 5, 6}, start[3] = {0, 0, 0}, size[3] = {4, 5, 6}, huge[3] = {(size_t)-1, 0, 0},
           none[3] = {0, 0, 0}, k;
    int order[3] = {0, 1, 1}, out[3] = {0, 1, 3}, minus[3] = {0, -1, 2};
    mv_pad_opt pad = {MEDVOL_PAD_CONSTANT, NAN};
    mv_crop_or_pad_opt cop = {(mv_centre_rule)9, MEDVOL_PAD_CONSTANT, 0};
    mv_volume v = {0}, w = {0}, bad = {0}, same;
    CHECK_OK(mv_volume_alloc(T, &v, MEDVOL_I16, 3, dim));
    fill_random(&v);
    CHECK_STATUS(mv_crop(T, &w, NULL, start, size, NULL), MEDVOL_E_NULL);
    CHECK_STATUS(mv_crop(T, NULL, &v, start, size, NULL), MEDVOL_E_NULL);
    CHECK_STATUS(mv_crop(T, &w, &bad, start, size, NULL), MEDVOL_E_NULL);
    CHECK_STATUS(mv_crop(T, &w, &v, NULL, size, NULL), MEDVOL_E_NULL);
    CHECK_STATUS(mv_crop(T, &w, &v, start, NULL, NULL), MEDVOL_E_NULL);
    size[1] = 6;
    CHECK_STATUS(mv_crop(T, &w, &v, start, size, NULL), MEDVOL_E_RANGE);
    size[1] = 0;
    CHECK_STATUS(mv_crop(T, &w, &v, start, size, NULL), MEDVOL_E_RANGE);
    size[1] = 2, start[1] = (size_t)-1; /* start + size overflows */
    CHECK_STATUS(mv_crop(T, &w, &v, start, size, NULL), MEDVOL_E_RANGE);
    CHECK(strstr(mv_message(T), "axis 1") != NULL);
    CHECK_STATUS(mv_pad(T, &w, &v, NULL, none, NULL), MEDVOL_E_NULL);
    CHECK_STATUS(mv_pad(T, &w, &v, none, NULL, NULL), MEDVOL_E_NULL);
    CHECK_STATUS(mv_pad(T, &w, &v, none, none, &pad), MEDVOL_E_RANGE);
    pad.value = 0, pad.mode = (mv_pad_mode)-1;
    CHECK_STATUS(mv_pad(T, &w, &v, none, none, &pad), MEDVOL_E_RANGE);
    pad.mode = (mv_pad_mode)8;
    CHECK_STATUS(mv_pad(T, &w, &v, none, none, &pad), MEDVOL_E_RANGE);
    CHECK_STATUS(mv_pad(T, &w, &v, huge, none, NULL), MEDVOL_E_SIZE);
    CHECK_STATUS(mv_pad(T, &w, &v, none, huge, NULL), MEDVOL_E_SIZE);
    huge[0] = (size_t)-1 / 4;
    CHECK_STATUS(mv_pad(T, &w, &v, huge, none, NULL), MEDVOL_E_SIZE);
    CHECK_STATUS(mv_crop_or_pad(T, &w, &v, NULL, NULL), MEDVOL_E_NULL);
    CHECK_STATUS(mv_crop_or_pad(T, &w, &v, none, NULL), MEDVOL_E_SIZE);
    CHECK_STATUS(mv_crop_or_pad(T, &w, &v, dim, &cop), MEDVOL_E_RANGE);
    CHECK_STATUS(mv_flip(T, &w, &v, 8), MEDVOL_E_RANGE);
    CHECK_STATUS(mv_flip(T, &w, &v, 0x80000000u), MEDVOL_E_RANGE);
    CHECK_STATUS(mv_permute(T, &w, &v, NULL), MEDVOL_E_NULL);
    CHECK_STATUS(mv_permute(T, &w, &v, order), MEDVOL_E_RANGE);
    CHECK_STATUS(mv_permute(T, &w, &v, out), MEDVOL_E_RANGE);
    CHECK_STATUS(mv_permute(T, &w, &v, minus), MEDVOL_E_RANGE);
    CHECK_STATUS(mv_rot90(T, &w, &v, 1, 1, 1), MEDVOL_E_RANGE);
    CHECK_STATUS(mv_rot90(T, &w, &v, 1, 0, 3), MEDVOL_E_RANGE);
    CHECK_STATUS(mv_rot90(T, &w, &v, 1, -1, 0), MEDVOL_E_RANGE);
    CHECK_STATUS(mv_reorient(T, &w, &v, NULL, NULL), MEDVOL_E_NULL);
    for (k = 0; k < sizeof codes / sizeof *codes; k++)
        CHECK_STATUS(mv_reorient(T, &w, &v, codes[k], NULL), MEDVOL_E_RANGE);
    CHECK(w.data == NULL);
    same = v;
    same.affine[0] = same.affine[4] = same.affine[8] = 0;
    CHECK_STATUS(mv_reorient(T, &w, &same, "RAS", NULL), MEDVOL_E_SINGULAR);
    /* destinations: wrong type, wrong shape, overlap; src stays as it was */
    CHECK_OK(mv_volume_alloc(T, &w, MEDVOL_U8, 3, dim));
    CHECK_STATUS(mv_flip(T, &w, &v, 1), MEDVOL_E_DTYPE);
    mv_volume_free(T, &w);
    size[0] = 4, size[1] = 5, size[2] = 7;
    CHECK_OK(mv_volume_alloc(T, &w, MEDVOL_I16, 3, size));
    CHECK_STATUS(mv_flip(T, &w, &v, 1), MEDVOL_E_SHAPE);
    mv_volume_free(T, &w);
    same = v;
    same.owner = NULL;
    start[0] = 2, start[1] = 1, start[2] = 0;
    CHECK_STATUS(mv_permute(T, &same, &v, out), MEDVOL_E_RANGE);
    start[0] = 0, start[1] = 2, start[2] = 1; /* 4 x 6 x 5 does not fit; a cube would overlap */
    dim[0] = dim[1] = dim[2] = 3;
    CHECK_OK(mv_volume_alloc(T, &w, MEDVOL_I16, 3, dim));
    same = w;
    same.owner = NULL;
    order[0] = 2, order[1] = 1, order[2] = 0;
    CHECK_STATUS(mv_permute(T, &same, &w, order), MEDVOL_E_ALIAS);
    mv_volume_free(T, &w);
    mv_volume_free(T, &v);
}
/* every allocation of every call refused in turn: a clean status, nothing left, dst untouched */
static void test_nomem(void) {
    size_t dim[3] = {14, 5, 6}, start[3] = {1, 1, 1}, size[3] = {4, 3, 2}, one[3] = {1, 2, 1},
           shape[3] = {7, 9, 6};
    int order[3] = {2, 0, 1}, op, k;
    mv_nifti h;
    mv_volume v = {0};
    memset(&h, 0, sizeof h);
    CHECK_OK(mv_volume_alloc(T, &v, MEDVOL_F32, 3, dim));
    memset(v.data, 1, mv_volume_count(&v) * 4);
    v.nifti = &h;
    for (op = 0; op < 7; op++)
        for (k = 1;; k++) {
            mv_volume w = {0};
            mv_pad_opt pad = {MEDVOL_PAD_REFLECT, 0};
            mv_status st;
            size_t before = t_live();
            t_fail_alloc((size_t)k, 0);
            st = op == 0   ? mv_crop(T, &w, &v, start, size, NULL)
                 : op == 1 ? mv_pad(T, &w, &v, one, one, &pad)
                 : op == 2 ? mv_crop_or_pad(T, &w, &v, shape, NULL)
                 : op == 3 ? mv_crop_foreground(T, &w, &v, NULL)
                 : op == 4 ? mv_flip(T, &w, &v, 5)
                 : op == 5 ? mv_permute(T, &w, &v, order)
                           : mv_reorient(T, &w, &v, "SPL", NULL);
            t_fail_alloc(0, 0);
            if (st == MEDVOL_OK) {
                CHECK(k > 1);
                mv_volume_free(T, &w);
                break;
            }
            CHECK(st == MEDVOL_E_NOMEM && w.data == NULL && t_live() == before);
        }
    v.nifti = NULL;
    mv_volume_free(T, &v);
}
static int stop_now(void *user, double done, double total, const char *label) {
    (void)user;
    (void)total;
    (void)label;
    return done > 0;
}
static void test_cancel(void) {
    size_t dim[3] = {128, 128, 40};
    mv_volume v = {0}, w = {0};
    int order[3] = {2, 1, 0};
    CHECK_OK(mv_volume_alloc(T, &v, MEDVOL_I16, 3, dim));
    memset(v.data, 1, mv_volume_count(&v) * 2);
    T->desc.progress = stop_now;
    CHECK_STATUS(mv_permute(T, &w, &v, order), MEDVOL_E_CANCELLED);
    CHECK_STATUS(mv_pad(T, &w, &v, dim, dim, NULL), MEDVOL_E_CANCELLED);
    CHECK(w.data == NULL);
    CHECK_OK(mv_flip(T, &v, &v, 7)); /* in place: never half done */
    T->desc.progress = NULL;
    mv_volume_free(T, &v);
}

/* ---- defects known from another library, by their numbers ---- */
/* flip, crop and rot90 leave memory in file order, whatever is done next */
static void test_b2_memory_order(void) {
    size_t dim[3] = {3, 4, 2}, start[3] = {1, 1, 0}, size[3] = {2, 2, 2}, k;
    static const unsigned char want[8] = {7, 6, 4, 3, 19, 18, 16, 15};
    unsigned char raw[24];
    mv_volume v = {0}, w = {0};
    for (k = 0; k < 24; k++) raw[k] = (unsigned char)k;
    CHECK_OK(mv_volume_wrap(T, &v, raw, MEDVOL_U8, 3, dim, NULL));
    CHECK_OK(mv_flip(T, &w, &v, 3));
    CHECK(mv_volume_contiguous(&w));
    for (k = 0; k < 24; k++) CHECK(((unsigned char *)w.data)[k] == raw[11 - k % 12 + k / 12 * 12]);
    CHECK_OK(mv_crop(T, &w, &w, start, size, NULL));
    CHECK(mv_volume_contiguous(&w) && memcmp(w.data, want, 8) == 0);
    CHECK_OK(mv_rot90(T, &w, &w, 1, 0, 1));
    CHECK(mv_volume_contiguous(&w) && ((unsigned char *)w.data)[0] == 4 && ((unsigned char *)w.data)[1] == 7);
    mv_volume_free(T, &w);
}
static void test_b3_reorient_origin(void) { /* LPS to RAS on 4 x 5 x 6: the origin goes to -3, -4 */
    static const double want[12] = {1, 0, 0, -3, 0, 1, 0, -4, 0, 0, 1, 0};
    size_t dim[3] = {4, 5, 6};
    mv_volume v = {0};
    CHECK_OK(mv_volume_alloc(T, &v, MEDVOL_F32, 3, dim));
    memset(v.data, 0, 480);
    v.affine[0] = v.affine[5] = -1;
    CHECK_OK(mv_reorient(T, &v, &v, "RAS", NULL));
    CHECK(memcmp(v.affine, want, sizeof want) == 0);
    mv_volume_free(T, &v);
}
static void test_b6_flip_affine(void) { /* flip and rot90 move the affine */
    static const double flip[12] = {-2, 0, 0, 16, 0, 3, 0, 20, 0, 0, -4, 50},
                        turn[12] = {0, 2, 0, 10, -3, 0, 0, 32, 0, 0, 4, 30};
    size_t dim[3] = {4, 5, 6};
    double spacing[3] = {2, 3, 4}, origin[3] = {10, 20, 30};
    mv_volume v = {0}, w = {0};
    int d;
    CHECK_OK(mv_volume_alloc(T, &v, MEDVOL_U8, 3, dim));
    memset(v.data, 0, 120);
    mv_affine_from_spacing(v.affine, spacing, origin);
    CHECK_OK(mv_flip(T, &w, &v, 5));
    for (d = 0; d < 12; d++) CHECK_NEAR(w.affine[d], flip[d], 0);
    mv_volume_free(T, &w);
    CHECK_OK(mv_rot90(T, &w, &v, 1, 0, 1)); /* dst(i, j) = src(j, 4 - i) */
    for (d = 0; d < 12; d++) CHECK_NEAR(w.affine[d], turn[d], 0);
    mv_spacing(&w, origin);
    CHECK(origin[0] == 3 && origin[1] == 2 && origin[2] == 4);
    mv_volume_free(T, &w);
    mv_volume_free(T, &v);
}
static void test_b8_half_voxel(void) { /* odd differences move the origin by whole voxels */
    size_t dim[3] = {8, 7, 5}, shape[3] = {5, 4, 8};
    mv_volume v = {0}, w = {0};
    int rule, d;
    CHECK_OK(mv_volume_alloc(T, &v, MEDVOL_U8, 3, dim));
    memset(v.data, 0, 280);
    for (rule = 0; rule < 4; rule++) {
        mv_crop_or_pad_opt opt = {0};
        opt.rule = (mv_centre_rule)rule;
        CHECK_OK(mv_crop_or_pad(T, &w, &v, shape, &opt));
        for (d = 0; d < 3; d++)
            CHECK(w.affine[4 * d + 3] == floor(w.affine[4 * d + 3]) && w.affine[4 * d + 3] != 0.0);
        mv_volume_free(T, &w);
    }
    mv_volume_free(T, &v);
}
static void test_b13_series(void) { /* a series keeps its volumes, a flat image works */
    size_t dim[4] = {3, 4, 5, 6}, start[4] = {1, 1, 1, 2}, size[4] = {2, 2, 2, 3}, one[2] = {1, 1};
    mv_volume v = {0}, w = {0};
    size_t k;
    CHECK_OK(mv_volume_alloc(T, &v, MEDVOL_U8, 4, dim));
    for (k = 0; k < 360; k++) ((unsigned char *)v.data)[k] = (unsigned char)(k / 60);
    CHECK_OK(mv_crop(T, &w, &v, start, size, NULL));
    CHECK(w.ndim == 4 && w.dim[3] == 3 && ((unsigned char *)w.data)[0] == 2 &&
        ((unsigned char *)w.data)[23] == 4);
    CHECK_STATUS(mv_reorient(T, &w, &v, "SAR", NULL), MEDVOL_E_SHAPE);
    mv_volume_free(T, &w);
    CHECK_OK(mv_reorient(T, &w, &v, "SAR", NULL));
    CHECK(w.ndim == 4 && w.dim[3] == 6 && w.dim[0] == 5);
    for (k = 0; k < 360; k++) CHECK(((unsigned char *)w.data)[k] == k / 60);
    mv_volume_free(T, &w);
    mv_volume_free(T, &v);
    CHECK_OK(mv_volume_alloc(T, &v, MEDVOL_U8, 2, dim));
    memset(v.data, 3, 12);
    CHECK_OK(mv_pad(T, &v, &v, one, one, NULL));
    CHECK(v.dim[0] == 5 && v.dim[1] == 6);
    mv_volume_free(T, &v);
}
static void test_b20_bad_parameters(void) { /* refused with a message instead of a crash or nonsense */
    size_t dim[3] = {4, 5, 6}, start[3] = {3, 0, 0}, size[3] = {(size_t)-2, 5, 6};
    mv_volume v = {0}, w = {0};
    CHECK_OK(mv_volume_alloc(T, &v, MEDVOL_U8, 3, dim));
    memset(v.data, 0, 120);
    CHECK_STATUS(mv_reorient(T, &w, &v, "RRA", NULL), MEDVOL_E_RANGE);
    CHECK(strstr(mv_message(T), "RRA") != NULL);
    CHECK_STATUS(mv_crop(T, &w, &v, start, size, NULL), MEDVOL_E_RANGE);
    CHECK(w.data == NULL);
    mv_volume_free(T, &v);
}
static void test_b27_oblique(void) { /* two columns nearest to one world axis: an assignment, not an error */
    static const double a[12] = {1, 1, 0.2, 0, 1, -1.05, 0.2, 0, 0.1, 0.1, 1, 0};
    size_t dim[3] = {4, 5, 6};
    mv_volume v = {0};
    char code[4];
    CHECK_OK(mv_volume_alloc(T, &v, MEDVOL_U8, 3, dim));
    memset(v.data, 0, 120);
    memcpy(v.affine, a, sizeof a);
    CHECK_OK(mv_reorient(T, &v, &v, "LAS", NULL));
    mv_orientation(&v, code);
    CHECK(strcmp(code, "LAS") == 0);
    mv_volume_free(T, &v);
}
/* results past the caches, odd offsets, fresh and old memory: the streaming paths */
static void big(int level) {
    size_t dim[3] = {211, 103, 67}, k, n[3];
    static const int zyx[3] = {2, 1, 0}, plain[3] = {0, 1, 2}, yzx[3] = {1, 2, 0};
    static const mv_dtype dt[7] = {
        MEDVOL_U8, MEDVOL_I16, MEDVOL_RGB24, MEDVOL_F32, MEDVOL_F64, MEDVOL_C128, MEDVOL_C256};
    size_t before[3] = {5, 2, 1}, after[3] = {33, 1, 0}, start[3] = {7, 3, 2}, size[3] = {190, 99, 64};
    unsigned char zero[64] = {0};
    long from[3];
    int m, d;
#if defined(__x86_64__) || defined(_M_X64)
    const size_t thin = 1;
#else
    const size_t thin = 7; /* no streaming stores, so that a few chunks do */
#endif
    for (k = 0; k < 7; k++) {
        guarded g, o;
        /* the tiles themselves are tested small at every level; here two streaming kernels each suffice below
           the best */
        if (level < t_level && k != (size_t)(level == 3 ? 0 : 1) && k != (size_t)(level == 3 ? 3 : 4))
            continue;
        dim[2] = (k < 2 ? 267 / (k + 1) : 67) / thin;
        g_make(&g, dt[k], 3, dim, 0);
        fill_random(&g.v);
        some_affine(&g.v, 2);
        n[0] = dim[2], n[1] = dim[1], n[2] = dim[0];
        g_make(&o, dt[k], 3, n, (int)(k & 1));
        CHECK_OK(mv_permute(T, &o.v, &g.v, zyx));
        same_turn(&o.v, &g.v, zyx, 0);
        g_free(&o);
        n[0] = dim[1], n[1] = dim[2], n[2] = dim[0];
        g_make(&o, dt[k], 3, n, 0);
        CHECK_OK(mv_permute(T, &o.v, &g.v, yzx));
        same_turn(&o.v, &g.v, yzx, 0);
        g_free(&o);
        g_make(&o, dt[k], 3, dim, (int)(k & 1));
        CHECK_OK(mv_flip(T, &o.v, &g.v, 7));
        same_turn(&o.v, &g.v, plain, 7);
        CHECK_OK(mv_flip(T, &o.v, &g.v, 1));
        same_turn(&o.v, &g.v, plain, 1);
        CHECK_OK(mv_flip(T, &o.v, &o.v, 5));
        same_turn(&o.v, &g.v, plain, 4);
        g_free(&o);
        for (m = 0; m < 5; m++) {
            mv_pad_opt opt = {0};
            if (m != (int)(k + (size_t)level) % 5) continue;
            opt.mode = (mv_pad_mode)m;
            for (d = 0; d < 3; d++) n[d] = dim[d] + before[d] + after[d], from[d] = -(long)before[d];
            g_make(&o, dt[k], 3, n, (int)(k & 1));
            CHECK_OK(mv_pad(T, &o.v, &g.v, before, after, &opt));
            same_place(&o.v, &g.v, from, opt.mode, zero);
            g_free(&o);
        }
        for (d = 0; d < 3; d++) from[d] = (long)start[d];
        size[2] = dim[2] - 3;
        g_make(&o, dt[k], 3, size, 0);
        CHECK_OK(mv_crop(T, &o.v, &g.v, start, size, NULL));
        same_place(&o.v, &g.v, from, MEDVOL_PAD_CONSTANT, zero);
        g_free(&o);
        g_free(&g);
    }
}
/* Rows of whole cache lines past the caches, in every order and direction, into memory that exists;
   transposes of that kind are streamed earlier. Rows too long to be foreseen as a whole. */
static void test_lines(void) {
    static const int order[4][3] = {{0, 2, 1}, {0, 1, 2}, {2, 1, 0}, {1, 0, 2}};
    /* of 4, 1 and 2 bytes */
    static const size_t count[3][3] = {{64, 134, 140}, {192, 64, 96}, {128, 64, 160}};
    static const size_t size[3] = {4, 1, 2};
    unsigned flips = (unsigned)(t_level + 3 * t_threads) % 8;
    size_t i, j, k, n, z, r, wrong;
    int a, c, d;
    for (c = 0; c < 3; c++) {
        unsigned char *s, *o;
        z = size[c];
        n = count[c][0] * count[c][1] * count[c][2];
        s = (unsigned char *)t_guard(n * z);
        o = (unsigned char *)t_guard(n * z);
        for (i = 0; i < n * z; i++) s[i] = (unsigned char)(t_bits() >> 11);
        for (a = c ? 2 : 0; a < 4; a++, flips = (flips + 3) % 8) {
            size_t dim[3], at[3], q[3], step[3];
            for (d = 0; d < 3; d++) dim[d] = count[c][order[a][d]];
            step[0] = 1, step[1] = count[c][0], step[2] = count[c][0] * count[c][1];
            memset(o, 0, n * z);
            CHECK_OK(mv_permute_array(T, o, NULL, s, NULL, z, 3, count[c], order[a], flips));
            for (wrong = 0, r = 0, k = 0; k < dim[2]; k++)
                for (j = 0; j < dim[1]; j++)
                    for (i = 0; i < dim[0]; i++, r++) {
                        size_t from = 0;
                        at[0] = i, at[1] = j, at[2] = k;
                        for (d = 0; d < 3; d++) {
                            q[d] = flips >> order[a][d] & 1 ? dim[d] - 1 - at[d] : at[d];
                            from += q[d] * step[order[a][d]];
                        }
                        wrong += memcmp(o + r * z, s + from * z, z) != 0;
                    }
            CHECK(wrong == 0);
        }
        t_guard_free(s, n * z);
        t_guard_free(o, n * z);
    }
    for (c = 0; c < 4; c++) { /* 40 KB a row, flipped in place, and between two blocks */
        static const mv_dtype dt[4] = {MEDVOL_F32, MEDVOL_F64, MEDVOL_U8, MEDVOL_I16};
        static const size_t shape[4][4] = {
            {2, 10007, 3, 0}, {2, 5003, 4, 0}, {2, 40009, 2, 0}, {3, 20011, 2, 3}};
        for (a = 0; a < 6; a++) one_flip(dt[c], shape[c], a);
    }
}
/* T_ONCE cases see the best level only: the streaming kernels of the others, by hand */
static void test_big_levels(void) {
    int level, best = t_level;
    for (level = best; level >= 1; level--) {
        if (mv_level_force(level) != level) continue;
        t_seed((uint64_t)level);
        big(level);
    }
    mv_level_force(best);
}

const t_case tests_spatial[] = {
    {"flip", test_flip, 0},
    {"permute", test_permute, 0},
    {"permute_time", test_permute_time, T_ONCE},
    {"rot90", test_rot90, 0},
    {"orientation_codes_nibabel", test_orientation_codes, T_ONCE},
    {"reorient", test_reorient, 0},
    {"reorient_forms", test_reorient_forms, 0},
    {"crop", test_crop, 0},
    {"crop_clip", test_crop_clip, T_ONCE},
    {"pad", test_pad, 0},
    {"pad_value", test_pad_value, 0},
    {"pad_stats", test_pad_stats, 0},
    {"pad_stats_exact", test_pad_stats_exact, 0},
    {"pad_stats_axes", test_pad_stats_axes, 0},
    {"pad_stats_lanes", test_pad_stats_lanes, 0},
    {"crop_or_pad", test_crop_or_pad, 0},
    {"pad_then_crop", test_pad_then_crop, 0},
    {"foreground", test_foreground, 0},
    {"foreground_rule", test_foreground_rule, 0},
    {"foreground_sparse", test_foreground_sparse, 0},
    {"world_invariant", test_world, 0},
    {"header_axes", test_header, T_ONCE},
    {"arrays", test_arrays, 0},
    {"arrays_bad", test_arrays_bad, T_ONCE},
    {"bad_arguments", test_bad, T_ONCE},
    {"nomem", test_nomem, 0},
    {"cancel", test_cancel, 0},
    {"B2_memory_order", test_b2_memory_order, 0},
    {"B3_reorient_origin", test_b3_reorient_origin, 0},
    {"B6_flip_affine", test_b6_flip_affine, 0},
    {"B8_half_voxel", test_b8_half_voxel, 0},
    {"B13_series", test_b13_series, 0},
    {"B20_bad_parameters", test_b20_bad_parameters, 0},
    {"B27_oblique", test_b27_oblique, 0},
    {"lines", test_lines, 0},
    {"big", test_big_levels, T_ONCE},
    {NULL, NULL, 0},
};
