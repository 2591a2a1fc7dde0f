/* test_filter.c - [FILTER] against sums in double over every tap of every border, against closed forms, and
   against numbers of scipy. */
#include "test.h"

/* ---- oracle: one axis of an array of n[0] x n[1] x n[2] doubles ---- */
typedef struct kernel {
    size_t taps, before, step;
    const double *w; /* NULL: a mean; with clip over what is there */
    int clip;
    mv_border border;
    double value;
} kernel;
static int o_map(mv_border b, int i, int n) {
    if (b == MEDVOL_BORDER_WRAP) return ((i % n) + n) % n;
    if (b == MEDVOL_BORDER_MIRROR) {
        while (n > 1 && (i < 0 || i >= n)) i = i < 0 ? -i : 2 * (n - 1) - i;
        return n > 1 ? i : 0;
    }
    return i < 0 ? 0 : i >= n ? n - 1 : i;
}
/* outputs m of line `from` (stride step); size: sum of magnitudes of what was added */
static double o_line(const kernel *k, const double *from, size_t stride, size_t n, size_t i) {
    double sum = 0, count = 0;
    size_t t;
    for (t = 0; t < k->taps; t++) {
        int at = (int)(i * k->step + t) - (int)k->before, in = at >= 0 && at < (int)n;
        double w = k->w ? k->w[t] : 1;
        if (k->clip && !in) continue;
        count += 1;
        if (!in && k->border == MEDVOL_BORDER_CONSTANT) sum += w * k->value;
        else sum += w * from[(size_t)o_map(k->border, at, (int)n) * stride];
    }
    return k->w ? sum : sum / count;
}
static double *o_axis(double *v, size_t *n, int axis, const kernel *k, size_t m) {
    size_t to[3], stride = axis == 0 ? 1 : axis == 1 ? n[0] : n[0] * n[1], x, y, z;
    double *r;
    memcpy(to, n, sizeof to);
    to[axis] = m;
    r = (double *)malloc(to[0] * to[1] * to[2] * sizeof *r);
    for (z = 0; z < to[2]; z++)
        for (y = 0; y < to[1]; y++)
            for (x = 0; x < to[0]; x++) {
                const size_t i = axis == 0 ? x : axis == 1 ? y : z;
                const double *from = v + (axis == 0 ? 0 : x) + n[0] * (axis == 1 ? 0 : y) +
                    n[0] * n[1] * (axis == 2 ? 0 : z);
                r[(z * to[1] + y) * to[0] + x] = o_line(k, from, stride, n[axis], i);
            }
    n[axis] = m;
    free(v);
    return r;
}
/* the definition; scipy: radius int(truncate sigma + 0.5) */
static double *gauss_weights(double sigma, double truncate, size_t *radius) {
    const size_t r = (size_t)(truncate * sigma + 0.5);
    double *w = (double *)malloc((2 * r + 1) * sizeof *w), sum = 0;
    size_t t;
    for (t = 0; t <= 2 * r; t++) {
        const double d = (double)t - (double)r;
        sum += w[t] = sigma > 0 ? exp(-0.5 * d * d / (sigma * sigma)) : 1;
    }
    for (t = 0; t <= 2 * r; t++) w[t] /= sum;
    *radius = r;
    return w;
}
static double *o_gauss(const double *v, const size_t *n, const double *sigma, double truncate, mv_border b,
    double value) {
    const size_t count = n[0] * n[1] * n[2];
    double *r = (double *)malloc(count * sizeof *r);
    size_t dim[3];
    int axis;
    memcpy(r, v, count * sizeof *r);
    memcpy(dim, n, sizeof dim);
    for (axis = 0; axis < 3; axis++) {
        kernel k = {0};
        double *w = gauss_weights(sigma[axis], truncate, &k.before);
        k.taps = 2 * k.before + 1, k.step = 1, k.w = w, k.border = b, k.value = value;
        if (k.before) r = o_axis(r, dim, axis, &k, dim[axis]);
        free(w);
    }
    return r;
}
static double *o_box(const double *v, const size_t *n, const size_t *radius, int clip, mv_border b,
    double value) {
    const size_t count = n[0] * n[1] * n[2];
    double *r = (double *)malloc(count * sizeof *r);
    size_t dim[3];
    int axis;
    memcpy(r, v, count * sizeof *r);
    memcpy(dim, n, sizeof dim);
    for (axis = 0; axis < 3; axis++) {
        kernel k = {0};
        k.before = radius[axis], k.taps = 2 * k.before + 1, k.step = 1, k.clip = clip, k.border = b;
        k.value = value;
        if (k.before) r = o_axis(r, dim, axis, &k, dim[axis]);
    }
    return r;
}

/* ---- helpers ---- */
static mv_volume random_volume(mv_dtype t, int ndim, const size_t *dim, double **real) {
    mv_volume v = {0};
    size_t n, i;
    CHECK_OK(mv_volume_alloc(T, &v, t, ndim, dim));
    n = mv_volume_count(&v);
    *real = (double *)malloc(n * sizeof(double));
    for (i = 0; i < n; i++) (*real)[i] = rint(t_uniform(0, 100));
    CHECK_OK(mv_convert_array(T, v.data, t, *real, MEDVOL_F64, n, 1, 0));
    return v;
}
static size_t element(const mv_volume *v, size_t i) { /* of voxel i in order */
    size_t at = 0;
    int d;
    for (d = 0; d < v->ndim; i /= v->dim[d], d++) at += i % v->dim[d] * (size_t)v->stride[d];
    return at;
}
static double value_of(const mv_volume *v, size_t i) { return t_value(v->data, v->dtype, element(v, i)); }
/* largest difference */
static double apart(const mv_volume *v, const double *want) {
    const size_t n = mv_volume_count(v);
    double worst = 0;
    size_t i;
    for (i = 0; i < n; i++) {
        /* NOLINTNEXTLINE(clang-analyzer-core.UndefinedBinaryOperatorResult) */
        const double e = fabs(value_of(v, i) - want[i]); /* all of it was made */
        if (!(e <= worst)) worst = e;
    }
    return worst;
}
static mv_gaussian_opt voxels(mv_border b) {
    mv_gaussian_opt o = {0};
    o.voxels = 1, o.border = b, o.value = -7.5;
    return o;
}
static mv_border meant(int b) { return b ? (mv_border)b : MEDVOL_BORDER_EDGE; }
static const size_t shapes[][3] = {{13, 9, 7}, {40, 3, 5}, {1, 17, 6}, {66, 1, 4}, {5, 4, 1}, {3, 2, 2},
    {131, 5, 3}, {16, 33, 2}};
enum { SHAPES = sizeof shapes / sizeof *shapes };

/* ---- Gaussian ---- */
static void test_gaussian(void) { /* every border, shape and choice of axes */
    static const double sigmas[][3] = {{1, 1, 1}, {0.4, 1.3, 2.2}, {2.5, 0, 0}, {0, 1.1, 0}, {0, 0, 0.9},
        {1.5, 0, 0.8}, {0, 1.7, 1.2}, {0.7, 2, 0}, {4.2, 3.1, 2.6}};
    size_t s, g;
    int b;
    for (s = 0; s < SHAPES; s++) {
        double *real, *want;
        mv_volume v = random_volume(MEDVOL_F32, 3, shapes[s], &real), out = {0};
        for (g = 0; g < sizeof sigmas / sizeof *sigmas; g++)
            for (b = 0; b <= MEDVOL_BORDER_WRAP; b++) {
                mv_gaussian_opt o = voxels((mv_border)b);
                mv_volume in = {0};
                if ((s + g + (size_t)b + (size_t)t_threads) % 3 && t_threads > 1) continue;
                if (g == 2) o.truncate = 2.3;
                want = o_gauss(real, shapes[s], sigmas[g], g == 2 ? 2.3 : 4, meant(b), o.value);
                CHECK_OK(mv_gaussian(T, &out, &v, sigmas[g], &o));
                if (!CHECK(apart(&out, want) <= 3e-5))
                    fprintf(stderr, "  shape %zu sigma %zu border %d: %g\n", s, g, b, apart(&out, want));
                /* in place: the same bits */
                CHECK_OK(mv_volume_copy(T, &in, &v));
                CHECK_OK(mv_gaussian(T, &in, &in, sigmas[g], &o));
                CHECK(!memcmp(in.data, out.data, mv_volume_count(&v) * sizeof(float)));
                mv_volume_free(T, &in);
                free(want);
            }
        mv_volume_free(T, &out);
        mv_volume_free(T, &v);
        free(real);
    }
}
static void test_types(void) { /* in and out, scaled, and saturated */
    static const size_t n[3] = {19, 6, 5};
    static const double sigma[3] = {1.2, 0.8, 0.9};
    mv_gaussian_opt o = voxels(MEDVOL_BORDER_MIRROR);
    size_t a, b, i;
    for (a = 0; a < 12; a++)
        for (b = 0; b < 12; b++) {
            const mv_dtype to = t_real_types[b];
            const int whole = to != MEDVOL_F16 && to != MEDVOL_BF16 && to != MEDVOL_F32 && to != MEDVOL_F64;
            double *real, *want;
            mv_volume v, out = {0};
            if ((a + b + (size_t)t_threads) % 4 && a != b) continue;
            v = random_volume(t_real_types[a], 3, n, &real);
            v.slope = 0.5, v.inter = 60;
            for (i = 0; i < 570; i++) real[i] = 0.5 * real[i] + 60;
            want = o_gauss(real, n, sigma, 4, MEDVOL_BORDER_MIRROR, 0);
            o.dtype = to;
            CHECK_OK(mv_gaussian(T, &out, &v, sigma, &o));
            CHECK(out.dtype == to && out.slope == 1 && out.inter == 0);
            if (!CHECK(apart(&out, want) <= (whole ? 0.5001 : to == MEDVOL_BF16 ? 0.5 : 0.0626)))
                fprintf(stderr, "  %s to %s: %g\n", mv_dtype_name(v.dtype), mv_dtype_name(to),
                    apart(&out, want));
            CHECK_OK(mv_gaussian(T, &v, &v, sigma, &o)); /* where the width agrees in place */
            CHECK(v.dtype == to && v.slope == 1 && apart(&v, want) == apart(&out, want));
            mv_volume_free(T, &v);
            mv_volume_free(T, &out);
            free(real);
            free(want);
        }
    { /* dst's own type */
        double *real, *want;
        mv_volume v = random_volume(MEDVOL_U8, 3, n, &real), out = {0};
        CHECK_OK(mv_volume_alloc(T, &out, MEDVOL_I16, 3, n));
        want = o_gauss(real, n, sigma, 4, MEDVOL_BORDER_EDGE, 0);
        o = voxels(MEDVOL_BORDER_DEFAULT);
        CHECK_OK(mv_gaussian(T, &out, &v, sigma, &o));
        CHECK(out.dtype == MEDVOL_I16 && apart(&out, want) <= 0.5001);
        CHECK_OK(mv_gaussian(T, &v, &v, sigma, &o));
        CHECK(v.dtype == MEDVOL_F32 && apart(&v, want) <= 3e-5);
        mv_volume_free(T, &v);
        mv_volume_free(T, &out);
        free(real);
        free(want);
    }
}
static void test_views(void) { /* strides on both sides, further axes, what lies between untouched */
    static const size_t room[5] = {23, 11, 8, 3, 3}, start[5] = {2, 1, 3, 1, 0}, n[5] = {17, 8, 4, 2, 3};
    static const double sigma[3] = {1.1, 0.9, 1.4};
    double *real, *want, *part = (double *)malloc(17 * 8 * 4 * sizeof *part);
    mv_volume v = random_volume(MEDVOL_F32, 5, room, &real), in, out = {0}, was = {0}, box;
    mv_gaussian_opt o = voxels(MEDVOL_BORDER_DEFAULT);
    size_t i, k, changed = 0;
    int r, turn;
    CHECK_OK(mv_volume_view(T, &in, &v, start, n));
    CHECK_OK(mv_volume_copy(T, &was, &v));
    for (turn = 0; turn < 3; turn++) { /* into new memory, into a view, in place */
        if (turn == 1) CHECK_OK(mv_volume_copy(T, &out, &v));
        if (turn == 1) CHECK_OK(mv_volume_view(T, &box, &out, start, n));
        CHECK_OK(mv_gaussian(T, turn == 0 ? &out : turn == 1 ? &box : &in, &in, sigma, &o));
        if (turn < 1) box = out;
        if (turn == 2) box = in;
        for (k = 0; k < 6; k++) {
            double worst = 0;
            for (i = 0; i < 544; i++) part[i] = value_of(&was, 0);
            for (i = 0; i < 544; i++) {
                const size_t x = i % 17 + 2, y = i / 17 % 8 + 1, z = i / 136 + 3, t = k % 2 + 1, c = k / 2;
                part[i] = real[x + 23 * (y + 11 * (z + 8 * (t + 3 * c)))];
            }
            want = o_gauss(part, n, sigma, 4, MEDVOL_BORDER_EDGE, 0);
            for (i = 0; i < 544; i++) worst = fmax(worst, fabs(value_of(&box, k * 544 + i) - want[i]));
            CHECK(worst <= 3e-5);
            free(want);
        }
        if (turn == 1) /* beside the view nothing has changed */
            for (i = 0; i < mv_volume_count(&out); i++) changed += value_of(&out, i) != real[i];
        if (turn == 1) CHECK(changed <= 544 * 6);
        if (turn < 2) mv_volume_free(T, &out);
    }
    for (i = changed = 0; i < mv_volume_count(&v); i++) changed += value_of(&v, i) != real[i];
    CHECK(changed <= 544 * 6 && changed > 500 * 6);
    for (r = 0; r < 12; r++) CHECK(box.affine[r] == in.affine[r]);
    mv_volume_free(T, &was);
    mv_volume_free(T, &v);
    free(real);
    free(part);
}
static void test_large(void) { /* passes of their own for y: few planes in place, many rows at hand */
    static const size_t n[][3] = {{300, 260, 1}, {3001, 70, 2}, {70, 5000, 1}};
    static const double sigma[][3] = {{2, 3, 0}, {0.6, 11.3, 1}, {1, 1.5, 0}};
    size_t s;
    int b;
    for (s = 0; s < 3; s++)
        for (b = MEDVOL_BORDER_CONSTANT; b <= MEDVOL_BORDER_WRAP; b++) {
            double *real, *want;
            mv_volume v, out = {0}, same = {0};
            mv_gaussian_opt o = voxels((mv_border)b);
            if ((b + (int)s + t_threads) % 3) continue;
            v = random_volume(MEDVOL_F32, n[s][2] > 1 ? 3 : 2, n[s], &real);
            want = o_gauss(real, n[s], sigma[s], 4, (mv_border)b, o.value);
            CHECK_OK(mv_gaussian(T, &out, &v, sigma[s], &o));
            CHECK_OK(mv_volume_copy(T, &same, &v));
            CHECK_OK(mv_gaussian(T, &same, &same, sigma[s], &o));
            if (!CHECK(apart(&out, want) <= 4e-5)) fprintf(stderr, "  %g\n", apart(&out, want));
            CHECK(!memcmp(out.data, same.data, mv_volume_count(&out) * sizeof(float)));
            o.dtype = MEDVOL_F64;
            mv_volume_free(T, &out);
            CHECK_OK(mv_gaussian(T, &out, &v, sigma[s], &o));
            CHECK(apart(&out, want) <= 4e-5);
            mv_volume_free(T, &out);
            mv_volume_free(T, &same);
            mv_volume_free(T, &v);
            free(real);
            free(want);
        }
}
static void test_forms(void) {
    static const size_t n[3] = {41, 37, 33};
    static const double sigma[3] = {3, 3, 3}, own[3] = {1.5, 2, 1};
    mv_gaussian_opt o = voxels(MEDVOL_BORDER_DEFAULT);
    const size_t count = 41 * 37 * 33;
    mv_volume v = {0}, out = {0};
    double *w[3], sum[2] = {0, 0}, worst = 0;
    size_t r[3], i;
    float *p;
    CHECK_OK(mv_volume_alloc(T, &v, MEDVOL_F32, 3, n));
    p = (float *)v.data;
    /* an impulse gives the weights; nothing 4 sigma + 1 away */
    memset(p, 0, count * sizeof *p);
    p[20 + 41 * (18 + 37 * 16)] = 1000;
    CHECK_OK(mv_gaussian(T, &out, &v, own, &o));
    for (i = 0; i < 3; i++) w[i] = gauss_weights(own[i], 4, &r[i]);
    for (i = 0; i < count; i++) {
        const long at[3] = {(long)(i % 41) - 20, (long)(i / 41 % 37) - 18, (long)(i / 1517) - 16};
        double want = 1000;
        size_t d;
        for (d = 0; d < 3; d++)
            want *= labs(at[d]) <= (long)r[d] ? w[d][(size_t)(at[d] + (long)r[d])] : 0;
        worst = fmax(worst, fabs((double)((float *)out.data)[i] - want));
    }
    CHECK(worst <= 1e-5 && ((float *)out.data)[0] == 0);
    for (i = 0; i < 3; i++) free(w[i]);
    mv_volume_free(T, &out);
    /* the Gaussian of a Gaussian is one whose variance is the sum; cut at 6 sigma */
    for (i = 0; i < count; i++) {
        const double x = (double)(i % 41) - 20, y = (double)(i / 41 % 37) - 18, z = (double)(i / 1517) - 16;
        p[i] = (float)(100 * exp(-(x * x + y * y + z * z) / 18));
    }
    o.border = MEDVOL_BORDER_CONSTANT, o.value = 0, o.truncate = 6;
    CHECK_OK(mv_gaussian(T, &out, &v, sigma, &o));
    for (worst = 0, i = 0; i < count; i++) {
        const double x = (double)(i % 41) - 20, y = (double)(i / 41 % 37) - 18, z = (double)(i / 1517) - 16;
        const double want = 100 * pow(0.5, 1.5) * exp(-(x * x + y * y + z * z) / 36);
        if (fabs(x) + fabs(y) + fabs(z) >= 12) continue;
        worst = fmax(worst, fabs((double)((float *)out.data)[i] - want));
    }
    CHECK(worst <= 1e-3);
    mv_volume_free(T, &out);
    /* WRAP keeps the sum; linear functions stay what they are away from the border */
    for (i = 0; i < count; i++) p[i] = (float)t_uniform(0, 10);
    o = voxels(MEDVOL_BORDER_WRAP);
    CHECK_OK(mv_gaussian(T, &out, &v, own, &o));
    for (i = 0; i < count; i++) sum[0] += (double)p[i], sum[1] += (double)((float *)out.data)[i];
    CHECK_NEAR(sum[0], sum[1], 1e-6 * sum[0]);
    for (i = 0; i < count; i++)
        p[i] = (float)(0.5 * (double)(i % 41) - 0.25 * (double)(i / 41 % 37) + (double)(i / 1517));
    o = voxels(MEDVOL_BORDER_DEFAULT);
    CHECK_OK(mv_gaussian(T, &v, &v, own, &o));
    for (worst = 0, i = 0; i < count; i++) {
        const size_t x = i % 41, y = i / 41 % 37, z = i / 1517;
        const double want = 0.5 * (double)x - 0.25 * (double)y + (double)z;
        if (x < 6 || x >= 35 || y < 8 || y >= 29 || z < 4 || z >= 29) continue;
        worst = fmax(worst, fabs((double)p[i] - want));
    }
    CHECK(worst <= 1e-5);
    mv_volume_free(T, &out);
    mv_volume_free(T, &v);
}
static void test_units(void) { /* mm by the spacing; geometry and header are src's; no axis, no sigma */
    static const size_t n[3] = {12, 11, 9};
    static const double mm[3] = {2, 3, 1.5}, vox[3] = {1, 1.5, 0.5}, spacing[3] = {2, 2, 3},
                        none[3] = {0, 0, 0}, bad[3] = {1, 1, -1};
    double *real;
    mv_volume v = random_volume(MEDVOL_F32, 3, n, &real), a = {0}, b = {0};
    mv_gaussian_opt o = voxels(MEDVOL_BORDER_DEFAULT);
    mv_affine_from_spacing(v.affine, spacing, mm);
    v.affine[1] = 1e-9, v.step[0] = 2.5;
    CHECK_OK(mv_gaussian(T, &a, &v, mm, NULL));
    CHECK_OK(mv_gaussian(T, &b, &v, vox, &o));
    CHECK(!memcmp(a.data, b.data, mv_volume_count(&v) * sizeof(float)));
    CHECK(!memcmp(a.affine, v.affine, sizeof v.affine) && a.step[0] == 2.5);
    CHECK_OK(mv_gaussian(T, &a, &v, none, NULL));
    CHECK(!memcmp(a.data, v.data, mv_volume_count(&v) * sizeof(float)));
    CHECK_OK(mv_gaussian(T, &v, &v, none, NULL)); /* nothing to do */
    CHECK(value_of(&v, 5) == real[5]);
    v.ndim = 2, v.dim[2] = 1; /* the third sigma is not looked at */
    mv_volume_free(T, &a);
    CHECK_OK(mv_gaussian(T, &a, &v, bad, NULL));
    CHECK(a.ndim == 2);
    mv_volume_free(T, &a);
    mv_volume_free(T, &b);
    mv_volume_free(T, &v);
    free(real);
}
static void test_scipy(void) {
    /* scipy 1.17.1: gaussian_filter, uniform_filter of arange(12) ** 2 % 17 as float64 */
    static const float line[12] = {0, 1, 4, 9, 16, 8, 2, 15, 13, 13, 15, 2};
    static const double sigma[1] = {1.3};
    static const size_t n[1] = {12}, radius[1] = {2};
    static const struct {
        mv_border b;
        double gauss[12], box[12];
    } rows[] = {
        {MEDVOL_BORDER_CONSTANT, {1.70793891, 2.72597907, 5.25424376, 8.2664547, 9.73540801, 9.22420367,
            9.11249593, 10.6956048, 12.2453054, 12.1072925, 9.87294842, 6.4453245}, {2, 3.3, 6, 7.6, 7.8,
            10, 10.8, 10.2, 11.6, 11.6, 9.1, 7}},
        {MEDVOL_BORDER_EDGE, {0.841542955, 2.43030388, 5.19350762, 8.25923754, 9.73493739, 9.22420367,
            9.11249593, 10.6955107, 12.2438619, 12.0951452, 9.81381339, 6.27204531}, {1, 2.8, 6, 7.6, 7.8,
            10, 10.8, 10.2, 11.6, 11.6, 9, 6.8}},
        {MEDVOL_BORDER_MIRROR, {1.68308591, 2.63720942, 5.22740393, 8.26268915, 9.73512564, 9.22420367,
            9.11249593, 10.6979579, 12.2810147, 12.4051994, 11.3031119, 10.5440906}, {2, 3, 6, 7.6, 7.8,
            10, 10.8, 10.2, 11.6, 11.6, 11.6, 11.6}},
        {MEDVOL_BORDER_WRAP, {3.02395828, 2.97689822, 5.27924931, 8.26745853, 9.73531389, 9.22420367,
            9.11249593, 10.6951342, 12.2382765, 12.0500079, 9.61116955, 5.78583408}, {4.4, 3.2, 6, 7.6,
            7.8, 10, 10.8, 10.2, 11.6, 11.6, 8.6, 6.2}},
    };
    size_t k, i;
    for (k = 0; k < sizeof rows / sizeof *rows; k++) {
        mv_volume v, out = {0};
        float data[12];
        mv_gaussian_opt o = voxels(rows[k].b);
        mv_box_opt q = {0};
        memcpy(data, line, sizeof data);
        CHECK_OK(mv_volume_wrap(T, &v, data, MEDVOL_F32, 1, n, NULL));
        o.value = q.value = 2.5, q.border = rows[k].b;
        CHECK_OK(mv_gaussian(T, &out, &v, sigma, &o));
        for (i = 0; i < 12; i++) CHECK_NEAR(value_of(&out, i), rows[k].gauss[i], 2e-6);
        CHECK_OK(mv_box_mean(T, &out, &v, radius, &q));
        for (i = 0; i < 12; i++) CHECK_NEAR(value_of(&out, i), rows[k].box[i], 2e-6);
        mv_volume_free(T, &out);
    }
}
static void test_nan(void) { /* as far as the weights, no further */
    static const size_t n[3] = {40, 20, 18};
    static const double sigma[3] = {1, 0.8, 1.2};
    static const size_t radius[3] = {2, 9, 3};
    mv_volume v = {0}, out = {0};
    mv_gaussian_opt o = voxels(MEDVOL_BORDER_DEFAULT);
    mv_box_opt q = {0};
    size_t i, turn, wrong = 0;
    CHECK_OK(mv_volume_alloc(T, &v, MEDVOL_F32, 3, n));
    for (i = 0; i < 14400; i++) ((float *)v.data)[i] = (float)i;
    ((float *)v.data)[21 + 40 * (10 + 20 * 9)] = t_threads == 2 ? (float)INFINITY : (float)NAN;
    for (turn = 0; turn < 3; turn++) {
        const long reach[3] = {turn ? 2 : 4, turn ? 9 : 3, turn ? 3 : 5};
        q.clip = turn == 2;
        if (turn) CHECK_OK(mv_box_mean(T, &out, &v, radius, &q));
        else CHECK_OK(mv_gaussian(T, &out, &v, sigma, &o));
        for (i = 0; i < 14400; i++) {
            const long x = labs((long)(i % 40) - 21), y = labs((long)(i / 40 % 20) - 10),
                       z = labs((long)(i / 800) - 9);
            const int in = x <= reach[0] && y <= reach[1] && z <= reach[2];
            const double d = value_of(&out, i);
            wrong += in != !(d - d == 0);
        }
        CHECK(wrong == 0);
        mv_volume_free(T, &out);
    }
    mv_volume_free(T, &v);
}
static void test_gaussian_errors(void) {
    static const size_t n[3] = {8, 7, 6}, small[3] = {8, 7, 5};
    double *real, sigma[3] = {1, 1, 1};
    mv_volume v = random_volume(MEDVOL_F32, 3, n, &real), out = {0}, bad, c = {0};
    mv_gaussian_opt o = voxels(MEDVOL_BORDER_DEFAULT);
    CHECK_STATUS(mv_gaussian(T, NULL, &v, sigma, &o), MEDVOL_E_NULL);
    CHECK_STATUS(mv_gaussian(T, &out, NULL, sigma, &o), MEDVOL_E_NULL);
    CHECK_STATUS(mv_gaussian(T, &out, &v, NULL, &o), MEDVOL_E_NULL);
    sigma[1] = -0.5;
    CHECK_STATUS(mv_gaussian(T, &out, &v, sigma, &o), MEDVOL_E_RANGE);
    CHECK(strstr(mv_message(T), "sigma[1] = -0.5"));
    sigma[1] = (double)NAN;
    CHECK_STATUS(mv_gaussian(T, &out, &v, sigma, &o), MEDVOL_E_RANGE);
    sigma[1] = (double)INFINITY;
    CHECK_STATUS(mv_gaussian(T, &out, &v, sigma, &o), MEDVOL_E_RANGE);
    sigma[1] = 8192;
    CHECK_STATUS(mv_gaussian(T, &out, &v, sigma, &o), MEDVOL_E_RANGE);
    CHECK(strstr(mv_message(T), "sigma[1] = 8192") && strstr(mv_message(T), "32767"));
    sigma[1] = 1;
    o.truncate = -1;
    CHECK_STATUS(mv_gaussian(T, &out, &v, sigma, &o), MEDVOL_E_RANGE);
    o.truncate = (double)NAN;
    CHECK_STATUS(mv_gaussian(T, &out, &v, sigma, &o), MEDVOL_E_RANGE);
    o.truncate = 0, o.border = (mv_border)5;
    CHECK_STATUS(mv_gaussian(T, &out, &v, sigma, &o), MEDVOL_E_RANGE);
    CHECK(strstr(mv_message(T), "border = 5"));
    o.border = MEDVOL_BORDER_CONSTANT, o.value = (double)INFINITY;
    CHECK_STATUS(mv_gaussian(T, &out, &v, sigma, &o), MEDVOL_E_RANGE);
    o.value = 0, o.dtype = MEDVOL_C64;
    CHECK_STATUS(mv_gaussian(T, &out, &v, sigma, &o), MEDVOL_E_DTYPE);
    o.dtype = (mv_dtype)77;
    CHECK_STATUS(mv_gaussian(T, &out, &v, sigma, &o), MEDVOL_E_DTYPE);
    o.dtype = MEDVOL_NONE;
    CHECK_OK(mv_volume_alloc(T, &c, MEDVOL_C64, 3, n));
    CHECK_STATUS(mv_gaussian(T, &out, &c, sigma, &o), MEDVOL_E_DTYPE);
    mv_volume_free(T, &c);
    CHECK_OK(mv_volume_alloc(T, &c, MEDVOL_F32, 3, small));
    CHECK_STATUS(mv_gaussian(T, &c, &v, sigma, &o), MEDVOL_E_SHAPE);
    bad = v;
    bad.data = (float *)v.data + 1;
    CHECK_STATUS(mv_gaussian(T, &bad, &v, sigma, &o), MEDVOL_E_ALIAS);
    bad = v;
    bad.affine[1] = bad.affine[5] = bad.affine[9] = 0;
    CHECK_STATUS(mv_gaussian(T, &out, &bad, sigma, NULL), MEDVOL_E_SINGULAR);
    CHECK(strstr(mv_message(T), "axis 1"));
    CHECK_OK(mv_gaussian(T, &out, &bad, sigma, &o)); /* in voxels it does not matter */
    CHECK(value_of(&v, 17) == real[17]);
    mv_volume_free(T, &out);
    mv_volume_free(T, &c);
    mv_volume_free(T, &v);
    free(real);
}

/* ---- means of boxes ---- */
static void test_box(void) {
    static const size_t radii[][3] = {{1, 1, 1}, {2, 0, 3}, {0, 4, 0}, {8, 1, 0}, {11, 9, 2}, {0, 0, 6},
        {30, 40, 50}, {7, 2, 2}};
    size_t s, r;
    int b;
    for (s = 0; s < SHAPES; s++) {
        double *real, *want;
        mv_volume v = random_volume(MEDVOL_F32, 3, shapes[s], &real), out = {0};
        for (r = 0; r < sizeof radii / sizeof *radii; r++)
            for (b = 0; b <= MEDVOL_BORDER_WRAP + 1; b++) {
                mv_box_opt o = {0};
                mv_volume in = {0};
                o.clip = b > MEDVOL_BORDER_WRAP;
                o.border = (mv_border)(o.clip ? MEDVOL_BORDER_CONSTANT : b), o.value = 31;
                if ((s + r + (size_t)b + (size_t)t_threads) % 3 && t_threads > 1) continue;
                want = o_box(real, shapes[s], radii[r], o.clip, o.clip ? o.border : meant(b), 31);
                CHECK_OK(mv_box_mean(T, &out, &v, radii[r], &o));
                if (!CHECK(apart(&out, want) <= (r == 6 ? 2e-4 : 3e-5))) /* of up to 100 */
                    fprintf(stderr, "  shape %zu radius %zu border %d: %g\n", s, r, b, apart(&out, want));
                CHECK_OK(mv_volume_copy(T, &in, &v));
                CHECK_OK(mv_box_mean(T, &in, &in, radii[r], &o));
                CHECK(!memcmp(in.data, out.data, mv_volume_count(&v) * sizeof(float)));
                mv_volume_free(T, &in);
                free(want);
            }
        mv_volume_free(T, &out);
        mv_volume_free(T, &v);
        free(real);
    }
}
static void test_box_large(void) {
    static const size_t n[][3] = {{300, 260, 1}, {3001, 90, 2}};
    static const size_t radii[][3] = {{9, 4, 0}, {1, 20, 1}};
    size_t s;
    int b;
    for (s = 0; s < 2; s++)
        for (b = MEDVOL_BORDER_CONSTANT; b <= MEDVOL_BORDER_WRAP + 1; b++) {
            double *real, *want;
            mv_volume v, out = {0}, same = {0};
            mv_box_opt o = {0};
            if ((b + (int)s + t_threads) % 3) continue;
            o.clip = b > MEDVOL_BORDER_WRAP;
            o.border = (mv_border)(o.clip ? 0 : b), o.value = 3;
            v = random_volume(MEDVOL_I16, 3, n[s], &real);
            want = o_box(real, n[s], radii[s], o.clip, (mv_border)b, 3);
            CHECK_OK(mv_box_mean(T, &out, &v, radii[s], &o));
            CHECK(apart(&out, want) <= 4e-5);
            CHECK_OK(mv_convert(T, &same, &v, MEDVOL_F32, NULL));
            CHECK_OK(mv_box_mean(T, &same, &same, radii[s], &o));
            CHECK(!memcmp(out.data, same.data, mv_volume_count(&out) * sizeof(float)));
            mv_volume_free(T, &out);
            mv_volume_free(T, &same);
            mv_volume_free(T, &v);
            free(real);
            free(want);
        }
}
/* What was bright leaves nothing behind: zeros beyond the window stay zeros, small values keep their bits. */
static void test_box_drift(void) {
    static const size_t n[3] = {90, 80, 70}, radius[3] = {3, 4, 2};
    mv_volume v = {0}, out = {0};
    mv_box_opt o = {0};
    size_t i, wrong = 0;
    CHECK_OK(mv_volume_alloc(T, &v, MEDVOL_F32, 3, n));
    for (i = 0; i < 504000; i++)
        ((float *)v.data)[i] = i % 90 < 40 && i / 90 % 80 < 40 && i / 7200 < 30 ? (float)t_uniform(0, 1e9)
            : i % 90 >= 60                                                       ? 0.125f
                                                                                 : 0.0f;
    o.clip = 1;
    CHECK_OK(mv_box_mean(T, &out, &v, radius, &o));
    for (i = 0; i < 504000; i++) {
        const size_t x = i % 90;
        const double d = value_of(&out, i);
        const int dark = x >= 43 || i / 90 % 80 >= 44 || i / 7200 >= 32;
        if (dark && x < 57) wrong += d != 0;
        if (dark && x >= 63) wrong += !(fabs(d - 0.125) <= 1e-7);
    }
    CHECK(wrong == 0);
    mv_volume_free(T, &v);
    mv_volume_free(T, &out);
}
static void test_box_errors(void) {
    static const size_t n[3] = {8, 7, 6};
    size_t radius[3] = {1, 1, 1};
    double *real, *want;
    mv_volume v = random_volume(MEDVOL_F32, 3, n, &real), out = {0};
    mv_box_opt o = {0};
    CHECK_STATUS(mv_box_mean(T, NULL, &v, radius, &o), MEDVOL_E_NULL);
    CHECK_STATUS(mv_box_mean(T, &out, NULL, radius, &o), MEDVOL_E_NULL);
    CHECK_STATUS(mv_box_mean(T, &out, &v, NULL, &o), MEDVOL_E_NULL);
    radius[2] = 32768;
    CHECK_STATUS(mv_box_mean(T, &out, &v, radius, &o), MEDVOL_E_RANGE);
    CHECK(strstr(mv_message(T), "radius[2] = 32768"));
    radius[0] = radius[1] = radius[2] = (size_t)-1; /* clipped: the mean of all */
    o.clip = 1;
    CHECK_OK(mv_box_mean(T, &out, &v, radius, &o));
    radius[0] = radius[1] = radius[2] = 10;
    want = o_box(real, n, radius, 1, MEDVOL_BORDER_EDGE, 0);
    CHECK(apart(&out, want) <= 3e-5);
    o.border = (mv_border)-1;
    CHECK_STATUS(mv_box_mean(T, &out, &v, radius, &o), MEDVOL_E_RANGE);
    o.border = MEDVOL_BORDER_DEFAULT, o.value = (double)NAN;
    CHECK_STATUS(mv_box_mean(T, &out, &v, radius, &o), MEDVOL_E_RANGE);
    o.value = 0, o.dtype = MEDVOL_RGB24;
    CHECK_STATUS(mv_box_mean(T, &out, &v, radius, &o), MEDVOL_E_DTYPE);
    free(want);
    free(real);
    mv_volume_free(T, &v);
    mv_volume_free(T, &out);
}

/* ---- pyramids ---- */
static double *o_half(double *v, size_t *n, int axis) {
    static const double sigma = 0.86602540378443865;
    kernel k = {0};
    double w[8], sum = 0;
    size_t t;
    k.taps = n[axis] % 2 ? 7 : 8, k.before = 3, k.step = 2, k.w = w, k.border = MEDVOL_BORDER_EDGE;
    for (t = 0; t < k.taps; t++) {
        const double d = (double)t - 0.5 * ((double)k.taps - 1);
        sum += w[t] = exp(-0.5 * d * d / (sigma * sigma));
    }
    for (t = 0; t < k.taps; t++) w[t] /= sum;
    return o_axis(v, n, axis, &k, n[axis] / 2 + n[axis] % 2);
}
static void test_pyramid(void) { /* every level against the definition */
    static const size_t dims[][4] = {{50, 41, 36, 2}, {33, 64, 1, 1}, {130, 3, 5, 1}, {40, 32, 31, 1}};
    static const double spacings[][3] = {{1, 1, 1}, {0.7, 0.9, 1}, {1, 1, 1}, {1, 1.2, 2.5}};
    size_t s, k, c;
    for (s = 0; s < 4; s++) {
        const int ndim = s == 0 ? 4 : s == 1 ? 2 : 3;
        double *real;
        mv_volume v = random_volume(s == 1 ? MEDVOL_U8 : MEDVOL_F32, ndim, dims[s], &real), lv[6];
        mv_pyramid_opt o = {0};
        const size_t one = dims[s][0] * dims[s][1] * dims[s][2];
        size_t count;
        memset(lv, 0, sizeof lv);
        o.least = s == 2 ? 1 : 8;
        mv_affine_from_spacing(v.affine, spacings[s], NULL);
        count = mv_pyramid_levels(&v, &o);
        CHECK(count == (s == 0 ? 3 : s == 2 ? 9 : 4));
        if (count > 6) count = 6;
        CHECK_OK(mv_pyramid(T, lv, count, &v, &o));
        for (c = 0; c < dims[s][3]; c++) {
            double *want = (double *)malloc(one * sizeof *want);
            size_t n[3], i;
            memcpy(want, real + c * one, one * sizeof *want);
            memcpy(n, dims[s], sizeof n);
            for (k = 0; k < count; k++) {
                const size_t m = lv[k].dim[0] * lv[k].dim[1] * lv[k].dim[2];
                double worst = 0;
                int d;
                for (d = 0; d < 3; d++)
                    if (lv[k].dim[d] != n[d]) want = o_half(want, n, d);
                CHECK(lv[k].dtype == MEDVOL_F32 && lv[k].ndim == ndim && m == n[0] * n[1] * n[2]);
                for (i = 0; i < m; i++) worst = fmax(worst, fabs(value_of(&lv[k], c * m + i) - want[i]));
                if (!CHECK(worst <= 3e-5)) fprintf(stderr, "  case %zu level %zu: %g\n", s, k, worst);
            }
            free(want);
        }
        for (k = 0; k < count; k++) mv_volume_free(T, &lv[k]);
        mv_volume_free(T, &v);
        free(real);
    }
}
static void test_pyramid_world(void) { /* a linear function of world positions, on a turned grid */
    static const size_t dims[][3] = {{96, 81, 50}, {70, 99, 64}};
    static const double turn[12] = {0.8, -0.3, 0.2, -40, 0.35, 0.9, 0.1, 13, -0.1, 0.2, 0.85, 5};
    size_t s, k, i;
    for (s = 0; s < 2; s++) {
        mv_volume v = {0}, lv[3];
        size_t inside = 0;
        CHECK_OK(mv_volume_alloc(T, &v, MEDVOL_F32, 3, dims[s]));
        memcpy(v.affine, turn, sizeof turn);
        memset(lv, 0, sizeof lv);
        for (i = 0; i < mv_volume_count(&v); i++) {
            const double at[3] = {(double)(i % dims[s][0]), (double)(i / dims[s][0] % dims[s][1]),
                (double)(i / dims[s][0] / dims[s][1])};
            double p[3];
            mv_affine_apply(p, v.affine, at);
            ((float *)v.data)[i] = (float)(p[0] - 0.5 * p[1] + 0.25 * p[2]);
        }
        CHECK_OK(mv_pyramid(T, lv, 3, &v, NULL));
        for (k = 0; k < 3; k++) {
            const size_t *n = lv[k].dim;
            double worst = 0, centre[2][3], half[3];
            int d;
            for (i = 0; i < mv_volume_count(&lv[k]); i++) {
                const size_t at[3] = {i % n[0], i / n[0] % n[1], i / n[0] / n[1]};
                double p[3], q[3];
                int in = 1;
                for (d = 0; d < 3; d++) in = in && at[d] >= 3 && at[d] + 3 < n[d], q[d] = (double)at[d];
                mv_affine_apply(p, lv[k].affine, q);
                if (in) inside++;
                if (in) worst = fmax(worst, fabs(value_of(&lv[k], i) - (p[0] - 0.5 * p[1] + 0.25 * p[2])));
            }
            CHECK(worst <= 1e-4); /* of a range of 200 */
            for (d = 0; d < 3; d++) half[d] = 0.5 * ((double)n[d] - 1);
            mv_affine_apply(centre[0], lv[k].affine, half);
            for (d = 0; d < 3; d++) half[d] = 0.5 * ((double)dims[s][d] - 1);
            mv_affine_apply(centre[1], v.affine, half);
            for (d = 0; d < 3; d++) CHECK_NEAR(centre[0][d], centre[1][d], 1e-9);
        }
        CHECK(inside > 100000);
        for (k = 0; k < 3; k++) mv_volume_free(T, &lv[k]);
        mv_volume_free(T, &v);
    }
}
static void test_pyramid_rule(void) { /* which axes are halved */
    static const size_t n[3] = {256, 256, 40};
    static const double thick[3] = {0.5, 0.5, 3};
    static const size_t want[][3] = {{256, 256, 40}, {128, 128, 40}, {64, 64, 40}, {32, 32, 40},
        {16, 16, 20}};
    mv_volume v = {0}, lv[5];
    mv_pyramid_opt o = {0};
    size_t k, d, n1[1] = {100};
    memset(lv, 0, sizeof lv);
    CHECK_OK(mv_volume_alloc(T, &v, MEDVOL_U8, 3, n));
    memset(v.data, 9, mv_volume_count(&v));
    mv_affine_from_spacing(v.affine, thick, NULL);
    CHECK(mv_pyramid_levels(&v, NULL) == 5); /* 3 mm is 1.5 times 2, and with 4 mm it is the finest */
    CHECK_OK(mv_pyramid(T, lv, 5, &v, NULL));
    for (k = 0; k < 5; k++) {
        for (d = 0; d < 3; d++) CHECK(lv[k].dim[d] == want[k][d]);
        CHECK(fabs(value_of(&lv[k], mv_volume_count(&lv[k]) / 2) - 9) <= 4e-6);
    }
    for (k = 0; k < 5; k++) mv_volume_free(T, &lv[k]);
    mv_volume_free(T, &v);
    CHECK_OK(mv_volume_alloc(T, &v, MEDVOL_F32, 1, n1));
    CHECK(mv_pyramid_levels(&v, NULL) == 3); /* 100, 50, 25; 13 is below 16 */
    o.least = 1;
    CHECK(mv_pyramid_levels(&v, &o) == 8);
    o.least = 51;
    CHECK(mv_pyramid_levels(&v, &o) == 1);
    o.least = 50;
    CHECK(mv_pyramid_levels(&v, &o) == 2);
    CHECK(mv_pyramid_levels(NULL, NULL) == 0);
    mv_volume_free(T, &v);
}
static void test_pyramid_places(void) { /* src as the first level, memory of the caller's, refusals */
    static const size_t n[3] = {40, 37, 34}, half[3] = {20, 19, 17};
    double *real;
    mv_volume v = random_volume(MEDVOL_F32, 3, n, &real), lv[3], own[3], bad;
    const void *data;
    float *room = (float *)malloc(20 * 19 * 17 * sizeof *room);
    size_t k;
    memset(lv, 0, sizeof lv);
    memset(own, 0, sizeof own);
    CHECK_OK(mv_pyramid(T, lv, 2, &v, NULL));
    CHECK(lv[0].data != v.data && !memcmp(lv[0].data, v.data, mv_volume_count(&v) * sizeof(float)));
    CHECK_OK(mv_volume_wrap(T, &own[1], room, MEDVOL_F32, 3, half, NULL));
    own[0] = v;
    data = v.data;
    CHECK_OK(mv_pyramid(T, own, 2, &own[0], NULL)); /* in place, without a copy */
    CHECK(own[0].data == data && own[1].data == (void *)room);
    CHECK(!memcmp(room, lv[1].data, sizeof(float) * 20 * 19 * 17));
    for (k = 0; k < 12; k++) CHECK(own[1].affine[k] == lv[1].affine[k]);
    v = own[0];
    CHECK_STATUS(mv_pyramid(T, NULL, 2, &v, NULL), MEDVOL_E_NULL);
    CHECK_STATUS(mv_pyramid(T, lv, 2, NULL, NULL), MEDVOL_E_NULL);
    CHECK_STATUS(mv_pyramid(T, lv, 0, &v, NULL), MEDVOL_E_RANGE);
    CHECK_STATUS(mv_pyramid(T, lv, 3, &v, NULL), MEDVOL_E_SIZE);
    CHECK(strstr(mv_message(T), "count = 3: src has 2 levels"));
    CHECK(lv[1].data && lv[2].data == NULL);
    own[1].dim[0] = 19;
    CHECK_STATUS(mv_pyramid(T, own, 2, &own[0], NULL), MEDVOL_E_SHAPE);
    own[1].dim[0] = 20, own[1].data = (float *)v.data + 100; /* within src */
    CHECK_STATUS(mv_pyramid(T, own, 2, &v, NULL), MEDVOL_E_ALIAS);
    own[1].data = room, own[0] = lv[0], own[0].data = room; /* within another level */
    own[0].owner = NULL;
    CHECK(mv_pyramid(T, own, 2, &v, NULL) < 0);
    bad = v;
    bad.affine[2] = bad.affine[6] = bad.affine[10] = 0;
    CHECK_STATUS(mv_pyramid(T, lv, 1, &bad, NULL), MEDVOL_E_SINGULAR);
    CHECK(mv_pyramid_levels(&bad, NULL) == 0);
    bad = v, bad.dtype = MEDVOL_C64;
    CHECK_STATUS(mv_pyramid(T, lv, 1, &bad, NULL), MEDVOL_E_DTYPE);
    CHECK(value_of(&v, 77) == real[77]);
    for (k = 0; k < 3; k++) mv_volume_free(T, &lv[k]);
    mv_volume_free(T, &v);
    free(room);
    free(real);
}
static void test_slices(void) { /* slice timing goes with the slices */
    static const size_t n[3] = {64, 40, 40};
    static const double thick[3] = {1, 1, 1.6};
    mv_nifti h;
    mv_volume v = {0}, lv[3];
    size_t k;
    memset(&h, 0, sizeof h);
    memset(lv, 0, sizeof lv);
    h.dim_info = 3 << 4, h.slice_code = 1, h.slice_end = 39, h.slice_duration = 0.5;
    CHECK_OK(mv_volume_alloc(T, &v, MEDVOL_I16, 3, n));
    memset(v.data, 0, mv_volume_count(&v) * 2);
    mv_affine_from_spacing(v.affine, thick, NULL);
    v.nifti = &h;
    CHECK_OK(mv_pyramid(T, lv, 2, &v, NULL)); /* z stays */
    CHECK(lv[1].dim[2] == 40 && lv[1].nifti && lv[1].nifti->slice_code == 1);
    for (k = 0; k < 3; k++) mv_volume_free(T, &lv[k]);
    CHECK_OK(mv_pyramid(T, lv, 3, &v, NULL));
    CHECK(lv[2].dim[2] == 20 && lv[2].nifti && lv[2].nifti->slice_code == 0 && lv[1].nifti->slice_code == 1);
    for (k = 0; k < 3; k++) mv_volume_free(T, &lv[k]);
    v.nifti = NULL;
    mv_volume_free(T, &v);
}

const t_case tests_filter[] = {
    {"gaussian", test_gaussian, 0},
    {"types", test_types, 0},
    {"views", test_views, 0},
    {"large", test_large, 0},
    {"forms", test_forms, 0},
    {"units", test_units, 0},
    {"scipy", test_scipy, 0},
    {"nan", test_nan, 0},
    {"gaussian_errors", test_gaussian_errors, T_ONCE},
    {"box", test_box, 0},
    {"box_large", test_box_large, 0},
    {"box_drift", test_box_drift, 0},
    {"box_errors", test_box_errors, T_ONCE},
    {"pyramid", test_pyramid, 0},
    {"pyramid_world", test_pyramid_world, 0},
    {"pyramid_rule", test_pyramid_rule, 0},
    {"pyramid_places", test_pyramid_places, T_ONCE},
    {"slices", test_slices, T_ONCE},
    {NULL, NULL, 0},
};
