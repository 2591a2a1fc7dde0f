/* test_defects.c - defects that other toolkits were found to have, each with the numbers that showed it, and
   what medvol gives. B1, B14, B15, B17, B18 and B21 to B23 are about loaders, caches, noise and a Python
   layer, none of which is here; B7, B10, B16, B19, B24, B25 and B26 are about files: test_io.c. */
#include "test.h"

static mv_volume ramp(mv_dtype t, int ndim, const size_t *dim) { /* voxel i has the value i % 100 */
    mv_volume v;
    size_t n, i;
    double x;
    CHECK_OK(mv_volume_alloc(T, &v, t, ndim, dim));
    for (n = mv_volume_count(&v), i = 0; i < n; i++) {
        x = (double)(i % 100);
        CHECK_OK(mv_convert_array(T, (char *)v.data + i * mv_dtype_size(t), t, &x, MEDVOL_F64, 1, 1, 0));
    }
    return v;
}
static double value(const mv_volume *v, size_t i, size_t j, size_t k, size_t l) { /* real value of a voxel */
    size_t at = i + j * (size_t)v->stride[1] + k * (v->ndim > 2 ? (size_t)v->stride[2] : 0) +
        l * (v->ndim > 3 ? (size_t)v->stride[3] : 0);
    double x = t_value(v->data, v->dtype, at);
    return v->slope != 0 ? x * v->slope + v->inter : x;
}
static void rows(mv_volume *v, double a, double b, double c, double d, double e, double f, double g, double h,
    double i, double x, double y, double z) { /* the matrix by columns' directions, then the origin */
    double m[12];
    m[0] = a, m[1] = b, m[2] = c, m[3] = x, m[4] = d, m[5] = e, m[6] = f, m[7] = y;
    m[8] = g, m[9] = h, m[10] = i, m[11] = z;
    memcpy(v->affine, m, sizeof m);
}
/* ---- B2: the order of voxels in memory ---- */
enum { SAVED, ZNORM, RESCALED, CLAMPED, RESAMPLED, REORIENTED, STEPS };
static void then(int step, mv_volume *out, const mv_volume *v) {
    const size_t shape[3] = {5, 3, 4};
    mv_buffer file = {0};
    mv_volume none = {0};
    *out = none;
    switch (step) {
        case SAVED:
            CHECK_OK(mv_save_mem(T, &file, NULL, v, NULL));
            CHECK_OK(mv_load_mem(T, out, file.data, file.bytes, NULL));
            mv_buffer_free(T, &file);
            break;
        case ZNORM: CHECK_OK(mv_znorm(T, out, v, NULL)); break;
        case RESCALED: CHECK_OK(mv_rescale(T, out, v, 0, 1, NULL)); break;
        case CLAMPED: CHECK_OK(mv_clamp(T, out, v, 20, 70)); break;
        case RESAMPLED: CHECK_OK(mv_resample_shape(T, out, v, shape, NULL)); break;
        default: CHECK_OK(mv_reorient(T, out, v, "SPL", NULL));
    }
}
/* each step after a flip, crop, pad, permutation or turn is the step on a plain volume of those voxels */
static void test_memory_order(void) {
    const size_t dim[3] = {7, 5, 6}, start[3] = {1, 2, 1}, size[3] = {5, 3, 4}, pad[3] = {1, 0, 2};
    static const int order[3] = {2, 0, 1};
    /* of the voxels 6 4 0; 1 2 1; padding; 0 0 0; 0 4 0; 1 2 1 */
    static const double first[6] = {34, 50, 0, 0, 28, 50};
    mv_volume v = ramp(MEDVOL_F32, 3, dim), w, plain, a, b;
    int op, step;
    size_t i, j, k;
    for (op = 0; op < 6; op++) {
        mv_volume none = {0};
        w = plain = none;
        switch (op) {
            case 0: CHECK_OK(mv_flip(T, &w, &v, 3)); break;
            case 1: CHECK_OK(mv_crop(T, &w, &v, start, size, NULL)); break;
            case 2: CHECK_OK(mv_pad(T, &w, &v, pad, pad, NULL)); break;
            case 3: CHECK_OK(mv_permute(T, &w, &v, order)); break;
            case 4: CHECK_OK(mv_rot90(T, &w, &v, 1, 0, 1)); break;
            default: CHECK_OK(mv_volume_view(T, &w, &v, start, size));
        }
        CHECK_OK(mv_volume_alloc(T, &plain, MEDVOL_F32, 3, w.dim));
        memcpy(plain.affine, w.affine, sizeof plain.affine);
        for (k = 0; k < w.dim[2]; k++)
            for (j = 0; j < w.dim[1]; j++)
                for (i = 0; i < w.dim[0]; i++)
                    ((float *)plain.data)[(k * w.dim[1] + j) * w.dim[0] + i] = (float)value(&w, i, j, k, 0);
        CHECK(value(&plain, 0, 0, 0, 0) == first[op]);
        for (step = 0; step < STEPS; step++) {
            then(step, &a, &w);
            then(step, &b, &plain);
            CHECK(mv_volume_count(&a) == mv_volume_count(&b) && mv_volume_contiguous(&a));
            CHECK(!memcmp(a.data, b.data, mv_volume_count(&b) * 4));
            CHECK(!memcmp(a.affine, b.affine, sizeof a.affine));
            mv_volume_free(T, &a);
            mv_volume_free(T, &b);
        }
        mv_volume_free(T, &plain);
        mv_volume_free(T, &w);
    }
    mv_volume_free(T, &v);
}
/* ---- B3 to B6, B8: geometry ---- */
static void test_reorient_origin(void) { /* B3: LPS to RAS of 4 x 5 x 6 voxels: the origin is at -3, -4 */
    const size_t dim[3] = {4, 5, 6};
    mv_volume v = ramp(MEDVOL_F32, 3, dim), w = {0};
    rows(&v, -1, 0, 0, 0, -1, 0, 0, 0, 1, 0, 0, 0);
    CHECK_OK(mv_reorient(T, &w, &v, "RAS", NULL));
    CHECK(w.affine[0] == 1 && w.affine[5] == 1 && w.affine[10] == 1);
    CHECK(w.affine[3] == -3 && w.affine[7] == -4 && w.affine[11] == 0);
    CHECK(value(&w, 0, 0, 0, 0) == 19 && value(&w, 3, 4, 0, 0) == 0);
    mv_volume_free(T, &w);
    mv_volume_free(T, &v);
}
static void test_resample_columns(void) { /* B4: spacing 1, 2, 3 of a permuted grid to 2, 2, 3 */
    const size_t dim[3] = {8, 6, 4};
    const double to[3] = {2, 2, 3};
    mv_volume v = ramp(MEDVOL_F32, 3, dim), w = {0};
    double sp[3];
    int r;
    rows(&v, 0, 2, 0, 0, 0, 3, 1, 0, 0, 5, 6, 7);
    CHECK_OK(mv_resample_spacing(T, &w, &v, to, NULL));
    mv_spacing(&w, sp);
    for (r = 0; r < 3; r++) CHECK_NEAR(sp[r], to[r], 1e-12);
    CHECK(w.dim[0] == 4 && w.dim[1] == 6 && w.dim[2] == 4);
    CHECK_NEAR(w.affine[8], 2, 1e-12);
    CHECK_NEAR(w.affine[1], 2, 1e-12);
    CHECK_NEAR(w.affine[6], 3, 1e-12);
    CHECK_NEAR(w.affine[0], 0, 1e-12);
    mv_volume_free(T, &w);
    mv_volume_free(T, &v);
}
static void test_resample_origin(void) { /* B5: spacing and origin are those of the rule that was used */
    static const double step[5] = {10 / 7.0, 10 / 7.0, 10 / 7.0, 10 / 7.0, 9 / 6.0};
    const size_t dim[3] = {10, 10, 10}, to[3] = {7, 7, 7};
    mv_volume v = ramp(MEDVOL_F32, 3, dim), w = {0};
    int grid, r;
    for (grid = 0; grid < 5; grid++) {
        mv_resample_opt o = {0};
        double at = grid == MEDVOL_GRID_CENTRE ? 4.5 - step[0] * 3 : (step[0] - 1) / 2, sp[3];
        if (grid == MEDVOL_GRID_FIRST || grid == MEDVOL_GRID_ALIGN_CORNERS) at = 0;
        o.grid = (mv_grid)grid;
        CHECK_OK(mv_resample_shape(T, &w, &v, to, &o));
        mv_spacing(&w, sp);
        for (r = 0; r < 3; r++) {
            CHECK_NEAR(sp[r], step[grid], 1e-12);
            CHECK_NEAR(w.affine[4 * r + 3], at, 1e-12);
        }
        mv_volume_free(T, &w);
    }
    mv_volume_free(T, &v);
}
static void test_turned_affine(void) { /* B6: flip and quarter turn take the affine along */
    const size_t dim[3] = {4, 5, 6};
    mv_volume v = ramp(MEDVOL_F32, 3, dim), w = {0};
    double p[3] = {1, 2, 3}, q[3], world[3], back[3];
    int op, r;
    rows(&v, 2, 0, 0, 0, 3, 0, 0, 0, 4, 10, 20, 30);
    for (op = 0; op < 2; op++) {
        if (op == 0) CHECK_OK(mv_flip(T, &w, &v, 1));
        else CHECK_OK(mv_rot90(T, &w, &v, 1, 0, 1));
        /* numpy.rot90: place (i, j) takes what was at (j, n - 1 - i) */
        q[0] = op == 0 ? 4 - 1 - p[0] : 5 - 1 - p[1];
        q[1] = op == 0 ? p[1] : p[0];
        q[2] = p[2];
        CHECK(value(&w, (size_t)q[0], (size_t)q[1], 3, 0) == value(&v, 1, 2, 3, 0));
        CHECK_OK(mv_voxel_to_world(&v, world, p));
        CHECK_OK(mv_voxel_to_world(&w, back, q));
        for (r = 0; r < 3; r++) CHECK(world[r] == back[r]);
        mv_volume_free(T, &w);
    }
    mv_volume_free(T, &v);
}
static void test_crop_or_pad_odd(void) { /* B8: odd differences move by whole voxels, the affine too */
    static const size_t from[4] = {7, 8, 4, 5}, shape[4] = {4, 5, 7, 8};
    int c, rule;
    for (c = 0; c < 4; c++)
        for (rule = 0; rule < 4; rule++) {
            size_t dim[3] = {1, 1, 1}, to[3] = {1, 1, 1}, i, hits = 0;
            mv_volume v, w = {0};
            mv_crop_or_pad_opt o = {(mv_centre_rule)0, (mv_pad_mode)0, -1};
            dim[0] = from[c], to[0] = shape[c];
            v = ramp(MEDVOL_F32, 3, dim);
            o.rule = (mv_centre_rule)rule;
            CHECK_OK(mv_crop_or_pad(T, &w, &v, to, &o));
            for (i = 0; i < to[0]; i++) { /* the value is the index, and here the place */
                double x = value(&w, i, 0, 0, 0);
                if (x < 0) continue;
                CHECK(w.affine[3] + (double)i == x);
                hits++;
            }
            CHECK(hits == (from[c] < shape[c] ? from[c] : shape[c]));
            mv_volume_free(T, &w);
            mv_volume_free(T, &v);
        }
}
/* ---- B9: what was chained ---- */
static void test_chains(void) {
    const size_t dim[3] = {4, 3, 5}, two[3] = {8, 6, 10}, four[3] = {16, 12, 20};
    const double zero[3] = {0, 0, 0};
    mv_volume v = ramp(MEDVOL_F32, 3, dim), a = {0}, b = {0};
    double p[3];
    size_t i;
    CHECK_OK(mv_resample_shape(T, &a, &v, two, NULL)); /* 4, 8, 16: each from the last */
    CHECK_OK(mv_resample_shape(T, &b, &a, four, NULL));
    CHECK(b.dim[0] == 16 && b.dim[1] == 12 && b.dim[2] == 20);
    CHECK_OK(mv_voxel_to_world(&b, p, zero));
    for (i = 0; i < 3; i++) {
        CHECK_NEAR(b.affine[5 * i], 0.25, 1e-12);
        CHECK_NEAR(p[i], -0.375, 1e-12);
    }
    /* well inside, the values are the linear function they came from: i + 4 j + 12 k */
    for (i = 0; i < 3; i++) p[i] = b.affine[4 * i + 3] + 0.25 * 5;
    CHECK_NEAR(value(&b, 5, 5, 5, 0), p[0] + 4 * p[1] + 12 * p[2], 1e-4);
    mv_volume_free(T, &a);
    mv_volume_free(T, &b);
    CHECK_OK(mv_clamp(T, &a, &v, 0, 20)); /* the second clamp does not undo the first */
    CHECK_OK(mv_clamp(T, &a, &a, 0, 40));
    for (i = 0; i < 60; i++) CHECK(((float *)a.data)[i] == (i < 20 ? (float)i : 20.0f));
    CHECK_OK(mv_linear(T, &b, &v, 2, 1)); /* and a clamp does not drop the linear map before it */
    CHECK_OK(mv_clamp(T, &b, &b, 5, 50));
    for (i = 0; i < 60; i++) CHECK(((float *)b.data)[i] == (float)(i < 2 ? 5 : i > 24 ? 50 : 2 * i + 1));
    mv_volume_free(T, &a);
    mv_volume_free(T, &b);
    mv_volume_free(T, &v);
}
/* ---- B11, B12, B28: intensities ---- */
static void test_scaled_intensity(void) { /* B11: slope 2, intercept -50; and a negative slope */
    const size_t dim[3] = {10, 10, 1};
    mv_volume v = ramp(MEDVOL_I16, 3, dim), w = {0};
    size_t i;
    v.slope = 2, v.inter = -50;
    CHECK_OK(mv_clamp(T, &w, &v, 0, 120));
    for (i = 0; i < 100; i++) {
        double x = 2.0 * (double)i - 50;
        CHECK(value(&w, i % 10, i / 10, 0, 0) == (x < 0 ? 0 : x > 120 ? 120 : x));
    }
    mv_volume_free(T, &w);
    v.slope = -2, v.inter = 7;
    CHECK_OK(mv_znorm(T, &w, &v, NULL)); /* mean -92, population variance 4 (100^2 - 1) / 12 */
    for (i = 0; i < 100; i++) {
        double x = 7 - 2.0 * (double)i;
        CHECK_NEAR(value(&w, i % 10, i / 10, 0, 0), (x + 92) / (2 * sqrt(9999 / 12.0)), 1e-6);
    }
    mv_volume_free(T, &w);
    mv_volume_free(T, &v);
}
static void test_znorm_offset(void) { /* B12: sd 1 stays sd 1 at any mean a float can hold */
    static const double means[5] = {0, 1000, 30000, 100000, -100000};
    enum { N = 20000 };
    float *x = (float *)malloc(N * sizeof(float)), *y = (float *)malloc(N * sizeof(float));
    size_t m, i;
    for (m = 0; m < 5; m++) {
        double sum = 0, sq = 0;
        for (i = 0; i < N; i++) x[i] = (float)(means[m] + (i % 2 ? 1 : -1)); /* sd 1 exactly */
        CHECK_OK(mv_znorm_f32(T, y, x, N, NULL));
        for (i = 0; i < N; i++) sum += y[i], sq += (double)y[i] * y[i];
        CHECK_NEAR(sum / N, 0, 1e-6);
        CHECK_NEAR(sqrt(sq / N), 1, 1e-6);
    }
    free(x);
    free(y);
}
static void test_nan_kept_apart(void) { /* B28: it does not spread; the extremes do not depend on lanes */
    enum { N = 1000 };
    float x[N], y[N];
    mv_statistics s;
    size_t at, i;
    for (at = 0; at < 70; at++) {
        for (i = 0; i < N; i++) x[i] = (float)(i % 100);
        x[at] = x[at + 33] = NAN;
        CHECK_OK(mv_stats_f32(T, &s, x, N, NULL));
        CHECK(s.nan == 2 && s.count == N - 2 && s.min == 0 && s.max == 99);
        CHECK_OK(mv_znorm_f32(T, y, x, N, NULL));
        for (i = 0; i < N; i++) CHECK((y[i] != y[i]) == (x[i] != x[i]));
        CHECK_OK(mv_rescale_f32(T, y, x, N, 0, 1, NULL));
        for (i = 0; i < N; i++) CHECK(x[i] != x[i] ? y[i] != y[i] : fabs(y[i] - x[i] / 99) < 1e-6);
    }
}
/* ---- B13: series and single slices ---- */
static mv_status four_d(int op, mv_volume *out, const mv_volume *v) {
    const size_t start[4] = {1, 1, 0, 0}, size[4] = {3, 2, 3, 3}, shape[3] = {7, 3, 5};
    const size_t whole[4] = {3, 2, 3, 1};
    mv_resample_opt o = {0};
    switch (op) {
        case 0: return mv_crop(T, out, v, start, v->ndim > 3 && v->dim[3] == 1 ? whole : size, NULL);
        case 1: return mv_reorient(T, out, v, "PIL", NULL);
        case 2: o.interp = MEDVOL_NEAREST; return mv_resample_shape(T, out, v, shape, &o);
        case 3: return mv_resample_shape(T, out, v, shape, NULL);
        case 4: o.interp = MEDVOL_CUBIC; return mv_resample_shape(T, out, v, shape, &o);
        default: return mv_flip(T, out, v, 5);
    }
}
static void test_series(void) { /* each volume of a series is what it would be alone; slices too */
    const size_t dim[4] = {5, 4, 3, 3}, one[4] = {5, 4, 3, 1};
    mv_volume v = ramp(MEDVOL_F32, 4, dim), all = {0}, single = {0}, flat, out = {0};
    int op;
    size_t t;
    for (op = 0; op < 6; op++) {
        CHECK_OK(four_d(op, &all, &v));
        CHECK(all.ndim == 4 && all.dim[3] == 3);
        for (t = 0; t < 3; t++) {
            size_t at[4] = {0, 0, 0, 0}, n;
            mv_volume view;
            at[3] = t;
            CHECK_OK(mv_volume_view(T, &view, &v, at, one));
            CHECK_OK(four_d(op, &single, &view));
            n = mv_volume_count(&single);
            CHECK(n * 3 == mv_volume_count(&all));
            CHECK(!memcmp((float *)all.data + n * t, single.data, n * sizeof(float)));
            mv_volume_free(T, &single);
        }
        mv_volume_free(T, &all);
    }
    mv_volume_free(T, &v);
    flat = ramp(MEDVOL_F32, 2, dim);
    {
        const size_t shape[2] = {9, 7};
        CHECK_OK(mv_resample_shape(T, &out, &flat, shape, NULL));
        CHECK(out.ndim == 2 && out.dim[0] == 9 && out.dim[1] == 7);
        CHECK_NEAR(value(&out, 4, 3, 0, 0), 2 + 5 * 1.5, 1e-5);
    }
    mv_volume_free(T, &out);
    mv_volume_free(T, &flat);
}
/* ---- B20, B27: arguments, orientation ---- */
static void test_parameters(void) {
    static const char *const codes[] = {"RRA", "RAX", "RA", "RASS", "", "RLS", "R S"};
    const size_t dim[3] = {4, 5, 6}, size[3] = {2, 2, 2};
    size_t start[3] = {(size_t)-1, 0, 0}, i;
    mv_volume v = ramp(MEDVOL_I16, 3, dim), w = {0};
    for (i = 0; i < sizeof codes / sizeof *codes; i++) {
        CHECK_STATUS(mv_reorient(T, &w, &v, codes[i], NULL), MEDVOL_E_RANGE);
        CHECK(w.data == NULL && mv_message(T)[0]);
    }
    CHECK_STATUS(mv_clamp(T, &w, &v, 2, 1), MEDVOL_E_RANGE);
    CHECK_STATUS(mv_rescale(T, &w, &v, 1, 0, NULL), MEDVOL_E_RANGE);
    CHECK_STATUS(mv_gamma(T, &w, &v, -1, NULL), MEDVOL_E_RANGE);
    CHECK_STATUS(mv_gamma(T, &w, &v, 0, NULL), MEDVOL_E_RANGE);
    for (i = 0; i < 3; i++, start[0] = i == 1 ? (size_t)-2 : 3) /* start + size wraps, or leaves by one */
        CHECK_STATUS(mv_crop(T, &w, &v, start, size, NULL), MEDVOL_E_RANGE);
    mv_volume_free(T, &v);
}
static void test_tied_axes(void) { /* B27: two columns lean one way most, yet each has its own letter */
    const size_t dim[3] = {3, 4, 5};
    mv_volume v = ramp(MEDVOL_F32, 3, dim), w = {0};
    char code[4];
    double p[3] = {1, 2, 3}, world[3], q[3];
    int r;
    rows(&v, 0.8, 0.7, 0.1, -0.5, 0.6, 0.3, 0.1, -0.3, 0.9, 1, 2, 3);
    mv_orientation(&v, code);
    CHECK(!strcmp(code, "RAS"));
    CHECK_OK(mv_reorient(T, &w, &v, "LPS", NULL));
    mv_orientation(&w, code);
    CHECK(!strcmp(code, "LPS") && w.dim[0] == 3 && w.dim[1] == 4 && w.dim[2] == 5);
    CHECK_OK(mv_voxel_to_world(&v, world, p));
    CHECK_OK(mv_world_to_voxel(&w, q, world));
    for (r = 0; r < 3; r++) CHECK_NEAR(q[r], r == 0 ? 1 : r == 1 ? 1 : 3, 1e-12);
    CHECK(value(&w, 1, 1, 3, 0) == value(&v, 1, 2, 3, 0));
    mv_volume_free(T, &w);
    mv_volume_free(T, &v);
}

const t_case tests_defects[] = {
    {"memory_order B2", test_memory_order, 0},
    {"reorient_origin B3", test_reorient_origin, 0},
    {"resample_columns B4", test_resample_columns, 0},
    {"resample_origin B5", test_resample_origin, 0},
    {"turned_affine B6", test_turned_affine, 0},
    {"crop_or_pad_odd B8", test_crop_or_pad_odd, 0},
    {"chains B9", test_chains, 0},
    {"scaled_intensity B11", test_scaled_intensity, 0},
    {"znorm_offset B12", test_znorm_offset, 0},
    {"series B13", test_series, 0},
    {"parameters B20", test_parameters, 0},
    {"tied_axes B27", test_tied_axes, 0},
    {"nan B28", test_nan_kept_apart, 0},
    {NULL, NULL, 0},
};
