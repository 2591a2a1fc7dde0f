/* test_resample.c - [RESAMPLE] against a dense oracle: each axis of an interpolation is a matrix, built here
   from the definitions (B-splines by solving the dense system), and a result is a sum over all voxels. Peers'
   numbers carry the peer's name. */
#include "test.h"

enum { AXIS = 64 }; /* longest axis the oracle takes */

/* ---- oracle ---- */
static int o_map(mv_border b, int i, int n) {
    if (b == MEDVOL_BORDER_WRAP) return ((i % n) + n) % n;
    if (b == MEDVOL_BORDER_MIRROR) {
        while (n > 1 && (i < 0 || i >= n)) i = i < 0 ? -i : 2 * (n - 1) - i;
        return n > 1 ? i : 0;
    }
    return i < 0 ? 0 : i >= n ? n - 1 : i;
}
static double o_fold(mv_border b, double x, int n) {
    if (b == MEDVOL_BORDER_WRAP) {
        while (x < 0) x += n;
        while (x >= n) x -= n;
        return x;
    }
    if (b == MEDVOL_BORDER_MIRROR) {
        while (n > 1 && (x < 0 || x > n - 1)) x = x < 0 ? -x : 2.0 * (n - 1) - x;
        return n > 1 ? x : 0;
    }
    return x < 0 ? 0 : x > n - 1 ? n - 1 : x;
}
static double o_kernel(const mv_resample_opt *o, double d) { /* of the distance to a tap */
    double t = fabs(d), a = o->a == 0 ? -0.5 : o->a, lobes = o->lobes ? o->lobes : 3,
           pi = 3.14159265358979323846;
    switch (o->interp) {
        case MEDVOL_LINEAR: return t < 1 ? 1 - t : 0;
        case MEDVOL_CUBIC:
            return t < 1 ? 2.0 / 3 - t * t + t * t * t / 2 : t < 2 ? (2 - t) * (2 - t) * (2 - t) / 6 : 0;
        case MEDVOL_CUBIC_CONV:
            if (t < 1) return (a + 2) * t * t * t - (a + 3) * t * t + 1;
            return t < 2 ? a * t * t * t - 5 * a * t * t + 8 * a * t - 4 * a : 0;
        default:
            if (t < 1e-12) return 1;
            return t < lobes ? sin(pi * t) / (pi * t) * sin(pi * t / lobes) / (pi * t / lobes) : 0;
    }
}
/* row[i]: how voxel i counts for position x; returns 0 when x takes the border's value */
static int o_row(const mv_resample_opt *o, mv_border b, double sigma, int n, double x, double *row) {
    double w[2 * AXIS], g[2 * AXIS], total = 0, sum = 0, r = floor(4 * sigma + 0.5);
    mv_border tap = o->interp == MEDVOL_CUBIC && b != MEDVOL_BORDER_WRAP ? MEDVOL_BORDER_MIRROR : b;
    int i, j, k, taps = 0, first;
    for (i = 0; i < n; i++) row[i] = 0;
    if (b == MEDVOL_BORDER_CONSTANT && (x < -0.5 - 1e-7 || x > n - 0.5 + 1e-7)) return 0;
    x = o_fold(b, x, n);
    if (fabs(x - rint(x)) < 1e-7) x = rint(x);
    if (o->interp == MEDVOL_NEAREST) {
        i = (int)floor(x + 0.5 + 1e-7);
        row[b == MEDVOL_BORDER_WRAP ? i % n : i < n ? i : n - 1] = 1;
        return 1;
    }
    first = (int)floor(x) - 8;
    for (taps = 0; taps < 18; taps++) sum += w[taps] = o_kernel(o, x - (first + taps));
    for (i = 0; i < taps; i++) w[i] /= sum;
    for (i = -(int)r; i <= (int)r; i++)
        total += g[i + (int)r] = sigma > 0 ? exp(-0.5 * i * i / (sigma * sigma)) : 1;
    for (i = 0; i < taps; i++)
        for (j = -(int)r; j <= (int)r; j++) row[o_map(tap, first + i + j, n)] += w[i] * g[j + (int)r] / total;
    /* rows act on coefficients c with B c = s: row := row B^-1, so solve row' B = row */
    if (o->interp == MEDVOL_CUBIC && n > 1) {
        double m[AXIS][AXIS + 1];
        for (i = 0; i < n; i++)
            for (j = 0; j <= n; j++) m[i][j] = 0;
        for (i = 0; i < n; i++) { /* transposed B */
            m[o_map(tap, i - 1, n)][i] += 1.0 / 6;
            m[i][i] += 4.0 / 6;
            m[o_map(tap, i + 1, n)][i] += 1.0 / 6;
            m[i][n] = row[i];
        }
        for (k = 0; k < n; k++) { /* diagonally dominant enough: no pivots needed */
            for (i = 0; i < n; i++) {
                double f = i == k ? 0 : m[i][k] / m[k][k];
                for (j = k; f != 0 && j <= n; j++) m[i][j] -= f * m[k][j];
            }
        }
        for (i = 0; i < n; i++) row[i] = m[i][n] / m[i][i];
    }
    return 1;
}
/* value at p of a volume of n[0] x n[1] x n[2] real numbers */
static double o_at(const mv_resample_opt *o, mv_border b, const double *sigma, const double *s,
    const size_t *n, const double *p) {
    double row[3][AXIS], sum = 0;
    size_t i, j, k;
    int r;
    for (r = 0; r < 3; r++)
        if (!o_row(o, b, sigma ? sigma[r] : 0, (int)n[r], p[r], row[r])) return o->value;
    for (k = 0; k < n[2]; k++)
        for (j = 0; j < n[1]; j++)
            for (i = 0; row[2][k] * row[1][j] != 0 && i < n[0]; i++)
                sum += row[2][k] * row[1][j] * row[0][i] * s[(k * n[1] + j) * n[0] + i];
    return sum;
}
static void o_axis(mv_grid grid, double n, double m, double ratio, double *x0, double *step) {
    if (grid == MEDVOL_GRID_ALIGN_CORNERS && (n == 1 || m == 1)) grid = MEDVOL_GRID_HALF_PIXEL;
    *step = ratio, *x0 = 0;
    if (grid == MEDVOL_GRID_HALF_PIXEL) *step = n / m;
    if (grid == MEDVOL_GRID_ALIGN_CORNERS) *step = (n - 1) / (m - 1);
    if (grid == MEDVOL_GRID_CENTRE) *x0 = (n - 1) / 2 - *step * (m - 1) / 2;
    if (grid == MEDVOL_GRID_LOW_EDGE || grid == MEDVOL_GRID_HALF_PIXEL) *x0 = -0.5 + *step / 2;
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
static double value_of(const mv_volume *v, size_t i, size_t j, size_t k, size_t l) {
    size_t at = i + j * (size_t)v->stride[1] + k * (v->ndim > 2 ? (size_t)v->stride[2] : 0) +
                l * (v->ndim > 3 ? (size_t)v->stride[3] : 0);
    double x = 0, slope = v->slope != 0 ? v->slope : 1;
    mv_convert_array(
        NULL, &x, MEDVOL_F64, (const char *)v->data + at * mv_dtype_size(v->dtype), v->dtype, 1, 1, 0);
    return x * slope + (v->slope != 0 ? v->inter : 0);
}
/* every voxel of got against the oracle; x0, step: positions */
static void compare(const mv_volume *got, const mv_resample_opt *o, mv_border b, const double *sigma,
    const double *real, const size_t *n, const double *m, double tol, size_t volume) {
    size_t i, j, k, count = n[0] * n[1] * n[2];
    double worst = 0;
    for (k = 0; k < (got->ndim > 2 ? got->dim[2] : 1); k++)
        for (j = 0; j < (got->ndim > 1 ? got->dim[1] : 1); j++)
            for (i = 0; i < got->dim[0]; i++) {
                double ijk[3], p[3], e;
                ijk[0] = (double)i, ijk[1] = (double)j, ijk[2] = (double)k;
                mv_affine_apply(p, m, ijk);
                e = fabs(value_of(got, i, j, k, volume) - o_at(o, b, sigma, real + volume * count, n, p));
                if (!(e <= worst)) worst = e;
            }
    if (!CHECK(worst <= tol))
        fprintf(stderr, "  worst %g: interp %d border %d grid %d a %g to %zu x %zu x %zu\n", worst, o->interp,
            b, o->grid, o->a, got->dim[0], got->dim[1], got->dim[2]);
}
static void axis_matrix(double *m, mv_grid grid, const size_t *n, const size_t *to, const double *ratio) {
    int r;
    mv_affine_identity(m);
    for (r = 0; r < 3; r++)
        o_axis(grid, (double)n[r], (double)to[r], ratio ? ratio[r] : (double)n[r] / (double)to[r],
            &m[4 * r + 3], &m[5 * r]);
}

/* ---- separable: every interpolation, border, rule; up, down, thin ---- */
static void shape_case(const size_t *n, const size_t *to, int antialias) {
    double *real, m[12], sigma[3];
    mv_volume v = random_volume(MEDVOL_F32, 3, n, &real), out = {0};
    mv_resample_opt o = {0};
    int interp, border, grid, r;
    for (interp = 0; interp <= 4; interp++)
        for (border = 0; border <= 4; border++)
            for (grid = 0; grid <= 4; grid++) {
                /* a third with more threads */
                if ((interp + border + grid + t_threads) % 3 && t_threads != 1) continue;
                o.interp = (mv_interp)interp;
                o.border = (mv_border)border;
                o.grid = (mv_grid)grid;
                o.antialias = antialias;
                o.value = -3.5;
                o.a = grid == 1 ? -0.75 : 0;
                o.lobes = grid == 2 ? 2 : grid == 3 ? 5 : 0;
                CHECK_OK(mv_resample_shape(T, &out, &v, to, &o));
                axis_matrix(m, o.grid, n, to, NULL);
                for (r = 0; r < 3; r++)
                    sigma[r] = antialias && interp != MEDVOL_NEAREST && m[5 * r] > 1 ? (m[5 * r] - 1) / 2 : 0;
                compare(&out, &o, border ? o.border : MEDVOL_BORDER_EDGE, sigma, real, n, m, 4e-5, 0);
                mv_volume_free(T, &out);
            }
    mv_volume_free(T, &v);
    free(real);
}
static void test_shape(void) {
    static const size_t cases[][2][3] = {{{7, 5, 6}, {11, 9, 4}}, {{9, 4, 3}, {4, 2, 7}},
        {{1, 3, 2}, {5, 1, 3}}, {{40, 3, 2}, {23, 3, 2}}, {{50, 2, 1}, {17, 5, 2}}, {{21, 2, 2}, {60, 2, 3}}};
    size_t i;
    for (i = 0; i < sizeof cases / sizeof *cases; i++) shape_case(cases[i][0], cases[i][1], 0);
}
static void test_antialias(void) {
    static const size_t cases[][2][3] = {{{20, 6, 5}, {6, 3, 5}}, {{37, 3, 2}, {18, 7, 2}}};
    size_t i;
    for (i = 0; i < sizeof cases / sizeof *cases; i++) shape_case(cases[i][0], cases[i][1], 1);
}

/* ---- general: every interpolation and border through a matrix that turns, shears and leaves ---- */
static const double turn[12] = {0.71, 0.33, -0.18, -0.6, -0.29, 0.83, 0.21, 0.9, 0.11, -0.17, 0.62, 0.4};
static void test_affine(void) {
    static const size_t n[3] = {9, 7, 6}, to[3] = {13, 8, 7}, thin[3] = {6, 1, 4}, line[3] = {1, 5, 4};
    double *real[3], m[12], zero[3] = {0, 0, 0};
    mv_volume v[3], out = {0};
    mv_resample_opt o = {0};
    int interp, border, k, flip;
    v[0] = random_volume(MEDVOL_F32, 3, n, &real[0]);
    v[1] = random_volume(MEDVOL_F32, 3, thin, &real[1]);
    v[2] = random_volume(MEDVOL_F32, 3, line, &real[2]);
    for (interp = 0; interp <= 4; interp++)
        for (border = 0; border <= 4; border++)
            for (k = 0; k < 3; k++)
                for (flip = 0; flip < 2; flip++) {
                    if ((interp + border + k) % 3 && t_threads != 1) continue;
                    memcpy(m, turn, sizeof m);
                    if (flip) m[0] = -2.3, m[3] = 8.2, m[10] = -1.1, m[11] = 5.7;
                    o.interp = (mv_interp)interp;
                    o.border = (mv_border)border;
                    o.value = 12.25;
                    CHECK_OK(mv_resample_affine(T, &out, &v[k], m, to, &o));
                    compare(&out, &o, border ? o.border : MEDVOL_BORDER_CONSTANT, zero, real[k], v[k].dim, m,
                        1e-3, 0);
                    mv_volume_free(T, &out);
                }
    for (k = 0; k < 3; k++) {
        mv_volume_free(T, &v[k]);
        free(real[k]);
    }
}
static void test_affine_diagonal(void) { /* flips and offsets by the separable path; long rows by both */
    static const size_t n[3] = {33, 4, 5}, to[3] = {61, 5, 4};
    static const double flip[12] = {-0.55, 0, 0, 32.2, 0, -0.7, 0, 3.3, 0, 0, 1.3, -0.3};
    static const double lean[12] = {0.55, 0.01, 0, -0.7, 0.013, 0.7, 0, 0.3, 0, 0.02, 1.3, -0.3};
    double *real, zero[3] = {0, 0, 0};
    mv_volume v = random_volume(MEDVOL_F32, 3, n, &real), out = {0};
    mv_resample_opt o = {0};
    int interp, border;
    for (interp = 0; interp <= 4; interp++)
        for (border = 1; border <= 4; border++) {
            o.interp = (mv_interp)interp;
            o.border = (mv_border)border;
            CHECK_OK(mv_resample_affine(T, &out, &v, flip, to, &o));
            compare(&out, &o, o.border, zero, real, n, flip, 4e-5, 0);
            CHECK_OK(mv_resample_affine(T, &out, &v, lean, to, &o));
            compare(&out, &o, o.border, zero, real, n, lean, 1e-3, 0);
            mv_volume_free(T, &out);
        }
    mv_volume_free(T, &v);
    free(real);
}

/* ---- peers' numbers ---- */
static const float peer_src[20] = {3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5, 8, 9, 7, 9, 3, 2, 3, 8, 4};
/* scipy 1.10.1: ndimage.zoom (half: grid_mode) to 8 x 7; ndimage.affine_transform by 25 degrees and 0.8 to 6
   x 5 */
static const double scipy_zoom3_mirror[] = {
    3, 1.66722199, 1.26364015, 3.51770096, 3.29279467, 1.06872137, 2.69429404, 5,
    5.65, 2.9028738, 0.822610371, 3.35297272, 4.37319346, 2.72775406, 2.77824865, 3.625,
    9, 5.20491462, 1.81674302, 4.45730945, 6.5514369, 5.46022491, 3.76301541, 3,
    8, 6.6860683, 6.02579654, 7.87690025, 8.29620471, 6.69395564, 6.12479175, 6.375,
    5, 6.3394419, 8.44523115, 9.25156185, 8.32861308, 7.03581841, 7.84714702, 9,
    3.35, 4.07203249, 4.96531653, 5.24357559, 6.22595793, 7.53861933, 7.2333611, 6.5,
    3, 2.56601416, 1.83985839, 2.01145356, 4.73781758, 7.85985006, 6.35818409, 4,
};
static const double scipy_zoom1_half[] = {
    3, 2.125, 1.1875, 3.0625, 3.0625, 1.1875, 3.25, 5,
    5.14285714, 3.48660714, 1.56696429, 3.66517857, 4, 2.57142857, 3.47321429, 4.28571429,
    8.57142857, 5.66517857, 2.17410714, 4.62946429, 5.5, 4.78571429, 3.83035714, 3.14285714,
    7, 6.125, 5.15625, 6.71875, 7.03125, 6.09375, 6, 6,
    4.85714286, 6.04464286, 7.63392857, 8.25892857, 8.10267857, 7.16517857, 7.95535714, 8.64285714,
    3.71428571, 3.90178571, 4.20535714, 4.83035714, 5.92410714, 7.48660714, 6.59821429, 5.78571429,
    3, 2.5625, 2.0625, 2.6875, 4.5625, 7.6875, 5.75, 4,
};
static const double scipy_zoom3_half_mirror[] = {
    3.35001785, 2.4786641, 0.968394985, 3.3418182, 3.42314746, 1.32965872, 3.34318578, 4.35952434,
    4.19270667, 3.07008227, 0.841268377, 3.25587195, 3.80650426, 1.86606149, 3.18777505, 3.94678951,
    8.17794384, 6.20311512, 1.49287353, 3.95841513, 6.23449387, 4.87877269, 3.25844641, 2.92551146,
    7.79872949, 7.11621475, 5.91156714, 7.78857803, 8.24191666, 6.49992425, 6.18249893, 6.32392829,
    4.84577622, 5.57334316, 8.03006085, 8.95859734, 8.06259866, 7.07044775, 8.23904776, 8.77329418,
    3.19466894, 3.32793624, 3.6443567, 3.83557463, 5.70174811, 7.78234221, 6.40993449, 5.67364762,
    3.03086769, 2.95891875, 2.61771058, 2.70934875, 5.22995488, 7.90788484, 5.91527649, 4.88977555,
};
static const double scipy_zoom0_half[] = {
    3, 3, 1, 4, 4, 1, 5, 5,
    3, 3, 1, 4, 4, 1, 5, 5,
    9, 9, 2, 6, 6, 5, 3, 3,
    5, 5, 8, 9, 9, 7, 9, 9,
    5, 5, 8, 9, 9, 7, 9, 9,
    3, 3, 2, 3, 3, 8, 4, 4,
    3, 3, 2, 3, 3, 8, 4, 4,
};
static const double scipy_aff1_mirror[] = {
    2.1, 3.30074706, 3.1554476, 2.77091761, 3.59800215, 4.40322353, 2.27514584, 2.45689471,
    5.58570355, 5.5782537, 5.91312196, 7.65693492, 6.70163391, 3.39087884, 6.78931425, 7.84933693,
    7.29982917, 6.48487268, 6.55674896, 6.64941562, 6.82784119, 5.59283975, 6.96565211, 6.50488061,
    5.21357674, 3.84529124, 2.14382512, 4.60957273, 7.10885784, 7.34535868,
};
static const double scipy_aff3_mirror[] = {
    1.16325274, 3.04213187, 3.05747887, 2.06216006, 2.90242797, 4.01155622, 1.79366338, 1.24886807,
    5.24915215, 6.3436861, 6.01659097, 8.37884026, 7.56000275, 3.44798894, 7.92446734, 8.19207547,
    7.37139368, 6.29215451, 7.52324242, 6.69240802, 7.50440495, 5.0359594, 7.6457891, 6.3047379,
    4.66914354, 3.24104549, 2.01192652, 3.51103049, 7.0768109, 7.22199429,
};
static const double scipy_aff0_nearest[] = {
    1, 4, 4, 1, 3, 3, 1, 1,
    6, 5, 5, 9, 9, 2, 9, 9,
    7, 4, 5, 8, 8, 3, 8, 4,
    5, 3, 2, 3, 3, 8,
};
static const double scipy_aff1_nearest[] = {
    1.2, 2.87513869, 3.1554476, 2.77091761, 3.59800215, 3.54283828, 2.27514584, 2.45689471,
    5.58570355, 5.5782537, 5.91312196, 7.89311566, 6.70163391, 3.39087884, 6.78931425, 7.84933693,
    7.29982917, 6.48487268, 6.69944524, 6.64941562, 6.82784119, 5.59283975, 6.96565211, 5.95621072,
    4.39963016, 3.84529124, 2.14382512, 2.72276025, 5.2390324, 7.30858916,
};
static const double scipy_aff1_wrap[] = {
    1.74, 2.80963813, 3.1554476, 2.77091761, 3.59800215, 6.21903255, 2.27514584, 2.45689471,
    5.58570355, 5.5782537, 5.91312196, 7.48980034, 6.70163391, 3.39087884, 6.78931425, 7.84933693,
    7.29982917, 6.48487268, 6.67103279, 6.64941562, 6.82784119, 5.59283975, 6.96565211, 5.18263741,
    5.80175236, 3.84529124, 2.14382512, 2.86286253, 3.55381896, 1.74388672,
};
static const double scipy_aff3_wrap[] = {
    0.924603273, 2.62462793, 3.17050683, 1.60043186, 2.20274024, 7.02607697, 1.42071716, 1.43814851,
    5.43074372, 6.48582408, 5.635938, 8.24063151, 7.54934015, 3.35257341, 7.67861515, 8.03963282,
    7.74590288, 7.22980361, 7.44186576, 6.42307681, 8.01829777, 5.65736426, 7.77425523, 5.39068385,
    5.59866933, 3.57205863, 2.13053496, 1.68934236, 3.0691929, 1.31504952,
};
static const double scipy_aff0_wrap[] = {
    2, 4, 4, 1, 3, 9, 1, 1,
    6, 5, 5, 9, 9, 2, 9, 9,
    7, 4, 5, 8, 8, 3, 8, 4,
    5, 3, 2, 3, 4, 1,
};
static const double scipy_aff1_constant[] = {
    -7, -7, 3.1554476, 2.77091761, 3.59800215, -7, 2.27514584, 2.45689471,
    5.58570355, 5.5782537, 5.91312196, -7, 6.70163391, 3.39087884, 6.78931425, 7.84933693,
    7.29982917, 6.48487268, -7, 6.64941562, 6.82784119, 5.59283975, 6.96565211, -7,
    -7, 3.84529124, 2.14382512, -7, -7, -7,
};
static const double scipy_aff3_constant[] = {
    -7, -7, 3.05747887, 2.06216006, 2.90242797, -7, 1.79366338, 1.24886807,
    5.24915215, 6.3436861, 6.01659097, -7, 7.56000275, 3.44798894, 7.92446734, 8.19207547,
    7.37139368, 6.29215451, -7, 6.69240802, 7.50440495, 5.0359594, 7.6457891, -7,
    -7, 3.24104549, 2.01192652, -7, -7, -7,
};
static void peer_zoom(mv_interp interp, mv_border border, mv_grid grid, const double *want) {
    static const size_t n[3] = {5, 4, 1}, to[3] = {8, 7, 1};
    float got[56];
    mv_resample_opt o = {0};
    int i;
    o.interp = interp;
    o.border = border;
    o.grid = grid;
    CHECK_OK(mv_resample_shape_f32(T, got, to, peer_src, n, &o));
    for (i = 0; i < 56; i++) CHECK_NEAR(got[i], want[i], 1e-5);
}
static void peer_affine(mv_interp interp, mv_border border, const double *want) {
    static const size_t n[3] = {5, 4, 1}, to[3] = {6, 5, 1};
    const double c = 0.8 * cos(25 * 3.14159265358979323846 / 180),
                 s = 0.8 * sin(25 * 3.14159265358979323846 / 180);
    double m[12] = {0};
    float got[30];
    mv_resample_opt o = {0};
    int i;
    m[0] = c, m[1] = -s, m[3] = 0.9, m[4] = s, m[5] = c, m[7] = -0.6, m[10] = 1;
    o.interp = interp;
    o.border = border;
    o.value = -7;
    CHECK_OK(mv_resample_affine_f32(T, got, to, peer_src, n, m, &o));
    for (i = 0; i < 30; i++) {
        double x = c * (i % 6) - s * (i / 6) + 0.9, y = s * (i % 6) + c * (i / 6) - 0.6;
        /* scipy's constant begins at the outer centres, ours half a voxel on */
        int rim = x < 0 || y < 0 || x > 4 || y > 3;
        if (border == MEDVOL_BORDER_CONSTANT && rim && !(x < -0.5 || y < -0.5 || x > 4.5 || y > 3.5))
            continue;
        CHECK_NEAR(got[i], want[i], 2e-5);
    }
}
static void test_scipy(void) {
    peer_zoom(MEDVOL_CUBIC, MEDVOL_BORDER_MIRROR, MEDVOL_GRID_ALIGN_CORNERS, scipy_zoom3_mirror);
    peer_zoom(MEDVOL_CUBIC, MEDVOL_BORDER_MIRROR, MEDVOL_GRID_HALF_PIXEL, scipy_zoom3_half_mirror);
    peer_zoom(MEDVOL_LINEAR, MEDVOL_BORDER_EDGE, MEDVOL_GRID_HALF_PIXEL, scipy_zoom1_half);
    peer_zoom(MEDVOL_NEAREST, MEDVOL_BORDER_EDGE, MEDVOL_GRID_HALF_PIXEL, scipy_zoom0_half);
    peer_affine(MEDVOL_LINEAR, MEDVOL_BORDER_MIRROR, scipy_aff1_mirror);
    peer_affine(MEDVOL_CUBIC, MEDVOL_BORDER_MIRROR, scipy_aff3_mirror);
    peer_affine(MEDVOL_NEAREST, MEDVOL_BORDER_EDGE, scipy_aff0_nearest);
    peer_affine(MEDVOL_LINEAR, MEDVOL_BORDER_EDGE, scipy_aff1_nearest);
    peer_affine(MEDVOL_LINEAR, MEDVOL_BORDER_WRAP, scipy_aff1_wrap);
    peer_affine(MEDVOL_CUBIC, MEDVOL_BORDER_WRAP, scipy_aff3_wrap);
    peer_affine(MEDVOL_NEAREST, MEDVOL_BORDER_WRAP, scipy_aff0_wrap);
    peer_affine(MEDVOL_LINEAR, MEDVOL_BORDER_CONSTANT, scipy_aff1_constant);
    peer_affine(MEDVOL_CUBIC, MEDVOL_BORDER_CONSTANT, scipy_aff3_constant);
}

/* ---- types, strides, further axes ---- */
static const size_t t_from[3] = {19, 5, 4}, t_to[3] = {26, 4, 6}; /* shapes of the tests of types */
enum { T_FROM = 19 * 5 * 4, T_TO = 26 * 4 * 6 };
enum { REAL_TYPES = 12 };
static void of_index(double *p, const double *m, size_t at) { /* where voxel `at` of t_to lies in t_from */
    double ijk[3];
    ijk[0] = (double)(at % t_to[0]);
    ijk[1] = (double)(at / t_to[0] % t_to[1]);
    ijk[2] = (double)(at / (t_to[0] * t_to[1]));
    mv_affine_apply(p, m, ijk);
}
/* by m when that is given, else to t_to by o's grid; against the oracle, then released */
static void expect_type(const mv_volume *v, const double *real, const double *m, const mv_resample_opt *o,
    mv_dtype dtype, double slope, double tol) {
    const double zero[3] = {0, 0, 0};
    double grid[12];
    mv_volume out = {0};
    if (m) CHECK_OK(mv_resample_affine(T, &out, v, m, t_to, o));
    else CHECK_OK(mv_resample_shape(T, &out, v, t_to, o));
    CHECK(out.dtype == dtype && out.slope == slope);
    axis_matrix(grid, o->grid, t_from, t_to, NULL);
    compare(&out, o, o->border, zero, real, t_from, m ? m : grid, tol, 0);
    mv_volume_free(T, &out);
}
static void test_types(void) { /* what type comes out, unscaled */
    size_t i;
    int interp;
    for (i = 0; i < REAL_TYPES; i++) {
        double *real;
        mv_volume v = random_volume(t_real_types[i], 3, t_from, &real);
        for (interp = 0; interp <= 2; interp++) {
            mv_resample_opt o = {0};
            mv_dtype want = interp == MEDVOL_NEAREST ? t_real_types[i] : MEDVOL_F32;
            double slope = interp == MEDVOL_NEAREST ? v.slope : 1;
            o.interp = (mv_interp)interp;
            o.border = MEDVOL_BORDER_MIRROR;
            expect_type(&v, real, NULL, &o, want, slope, 1e-4);
            expect_type(&v, real, turn, &o, want, slope, 1e-3);
        }
        mv_volume_free(T, &v);
        free(real);
    }
}
static void test_scaled_types(void) { /* f32 results are real values; nearest keeps numbers and scaling */
    size_t i, at;
    for (i = 0; i < REAL_TYPES; i++) {
        double *real;
        mv_dtype t = t_real_types[i];
        mv_volume v = random_volume(t, 3, t_from, &real);
        mv_resample_opt o = {0};
        int no_sign = t == MEDVOL_U8 || t == MEDVOL_U16 || t == MEDVOL_U32 || t == MEDVOL_U64;
        v.slope = 0.5;
        v.inter = -20;
        for (at = 0; at < T_FROM; at++) real[at] = real[at] * 0.5 - 20;
        o.border = MEDVOL_BORDER_CONSTANT;
        o.grid = MEDVOL_GRID_FIRST;
        o.value = -7;
        expect_type(&v, real, NULL, &o, MEDVOL_F32, 1, 1e-4);
        expect_type(&v, real, turn, &o, MEDVOL_F32, 1, 1e-3);
        if (no_sign) o.value = -19; /* stored as 2: the type must be able to hold the border */
        o.interp = MEDVOL_NEAREST;
        expect_type(&v, real, turn, &o, t, 0.5, 1e-9);
        expect_type(&v, real, NULL, &o, t, 0.5, 1e-9);
        o.dtype = MEDVOL_F32; /* nearest into real values of another type */
        expect_type(&v, real, turn, &o, MEDVOL_F32, t == MEDVOL_F32 ? 0.5 : 1, 1e-4);
        expect_type(&v, real, NULL, &o, MEDVOL_F32, t == MEDVOL_F32 ? 0.5 : 1, 1e-4);
        mv_volume_free(T, &v);
        free(real);
    }
}
static void test_integer_results(void) { /* nearest even, saturated, into memory that says its type */
    const double zero[3] = {0, 0, 0};
    size_t i, at;
    double m[12], p[3];
    axis_matrix(m, MEDVOL_GRID_CENTRE, t_from, t_to, NULL);
    for (i = 0; i < REAL_TYPES; i++) {
        double *real;
        mv_volume v = random_volume(t_real_types[i], 3, t_from, &real), out = {0};
        mv_resample_opt o = {0};
        v.slope = 3;
        v.inter = -60;
        for (at = 0; at < T_FROM; at++) real[at] = real[at] * 3 - 60;
        CHECK_OK(mv_volume_alloc(T, &out, MEDVOL_U8, 3, t_to));
        o.border = MEDVOL_BORDER_MIRROR;
        CHECK_OK(mv_resample_shape(T, &out, &v, t_to, &o));
        for (at = 0; at < T_TO; at++) {
            double x;
            of_index(p, m, at);
            x = o_at(&o, o.border, zero, real, t_from, p);
            x = x < 0 ? 0 : x > 255 ? 255 : x;
            CHECK(fabs(((uint8_t *)out.data)[at] - x) <= 0.5 + 1e-3);
        }
        mv_volume_free(T, &out);
        mv_volume_free(T, &v);
        free(real);
    }
}
/* the element of v nearest to p, or zeros outside */
static const void *nearest_element(const mv_volume *v, const double *p) {
    static const unsigned char none[32] = {0};
    size_t index[3];
    int d;
    for (d = 0; d < 3; d++) {
        if (!(p[d] >= -0.5 - 1e-7 && p[d] <= (double)v->dim[d] - 0.5 + 1e-7)) return none;
        index[d] = (size_t)floor(o_fold(MEDVOL_BORDER_EDGE, p[d], (int)v->dim[d]) + 0.5 + 1e-7);
    }
    return (const char *)v->data +
        ((index[2] * v->dim[1] + index[1]) * v->dim[0] + index[0]) * mv_dtype_size(v->dtype);
}
static void test_other_elements(void) { /* colours, complex, 128 bits: nearest only, byte for byte */
    static const mv_dtype other[] = {
        MEDVOL_RGB24, MEDVOL_RGBA32, MEDVOL_C64, MEDVOL_C128, MEDVOL_F128, MEDVOL_C256};
    size_t i, k;
    double m[12], p[3];
    int general;
    axis_matrix(m, MEDVOL_GRID_CENTRE, t_from, t_to, NULL);
    for (i = 0; i < sizeof other / sizeof *other; i++) {
        mv_volume v = {0}, out = {0};
        mv_resample_opt o = {0};
        size_t size = mv_dtype_size(other[i]);
        CHECK_OK(mv_volume_alloc(T, &v, other[i], 3, t_from));
        for (k = 0; k < T_FROM * size; k++) ((unsigned char *)v.data)[k] = (unsigned char)t_bits();
        CHECK_STATUS(mv_resample_shape(T, &out, &v, t_to, NULL), MEDVOL_E_DTYPE);
        o.interp = MEDVOL_NEAREST;
        o.border = MEDVOL_BORDER_CONSTANT;
        for (general = 0; general < 2; general++) {
            if (general) CHECK_OK(mv_resample_affine(T, &out, &v, turn, t_to, &o));
            else CHECK_OK(mv_resample_shape(T, &out, &v, t_to, &o));
            for (k = 0; k < T_TO; k++) {
                of_index(p, general ? turn : m, k);
                CHECK(memcmp((char *)out.data + k * size, nearest_element(&v, p), size) == 0);
            }
            mv_volume_free(T, &out);
        }
        o.value = 1;
        CHECK_STATUS(mv_resample_shape(T, &out, &v, t_to, &o), MEDVOL_E_DTYPE);
        mv_volume_free(T, &v);
    }
}
static void test_strides(void) { /* views in, views out, 2-D and 4-D; borders of memory unreadable */
    static const size_t whole[4] = {24, 9, 8, 3}, start[4] = {2, 1, 3, 1}, n[4] = {19, 6, 4, 2},
                        to4[4] = {27, 8, 3, 2};
    static const mv_dtype types[] = {MEDVOL_F32, MEDVOL_I16, MEDVOL_F64};
    double m[12], zero[3] = {0, 0, 0};
    size_t i, k;
    axis_matrix(m, MEDVOL_GRID_CENTRE, n, to4, NULL);
    for (i = 0; i < 3; i++) {
        double *real, part[19 * 6 * 4 * 2];
        mv_volume big = random_volume(types[i], 4, whole, &real), v, out = {0}, outside, target;
        size_t big_to[4] = {40, 11, 5, 3}, o_start[4] = {5, 2, 1, 0};
        int interp;
        CHECK_OK(mv_volume_view(T, &v, &big, start, n));
        for (k = 0; k < 19 * 6 * 4 * 2; k++)
            part[k] = value_of(&v, k % 19, k / 19 % 6, k / 114 % 4, k / 456);
        for (interp = 0; interp <= 4; interp++) {
            mv_resample_opt o = {0};
            double *junk;
            o.interp = (mv_interp)interp;
            o.border = interp == 2 ? MEDVOL_BORDER_WRAP : MEDVOL_BORDER_EDGE;
            CHECK_OK(mv_resample_shape(T, &out, &v, to4, &o));
            CHECK(out.ndim == 4 && out.dim[3] == 2);
            for (k = 0; k < 2; k++) compare(&out, &o, o.border, zero, part, n, m, 1e-4, k);
            outside = random_volume(out.dtype, 4, big_to, &junk);
            CHECK_OK(mv_volume_view(T, &target, &outside, o_start, to4));
            CHECK_OK(mv_resample_shape(T, &target, &v, to4, &o));
            for (k = 0; k < 2; k++) compare(&target, &o, o.border, zero, part, n, m, 1e-4, k);
            for (k = 0; k < 40 * 11 * 5 * 3; k++) { /* nothing beside the view was written */
                size_t x = k % 40, y = k / 40 % 11, z = k / 440 % 5, w = k / 2200;
                if (x >= 5 && x < 32 && y >= 2 && y < 10 && z >= 1 && z < 4 && w < 2) continue;
                if (!CHECK(value_of(&outside, x, y, z, w) == junk[k])) break;
            }
            CHECK_OK(mv_resample_affine(T, &target, &v, turn, to4, &o));
            for (k = 0; k < 2; k++) compare(&target, &o, o.border, zero, part, n, turn, 1e-3, k);
            mv_volume_free(T, &outside);
            mv_volume_free(T, &out);
            free(junk);
        }
        mv_volume_free(T, &big);
        free(real);
    }
    { /* 2-D: the third entry is not read */
        static const size_t n2[2] = {17, 9}, to2[2] = {11, 20}, n3[3] = {17, 9, 1}, to3[3] = {11, 20, 1};
        double *real, sp[2] = {17.0 / 11, 0.45};
        mv_volume v = random_volume(MEDVOL_F32, 2, n2, &real), out = {0};
        mv_resample_opt o = {0};
        axis_matrix(m, MEDVOL_GRID_CENTRE, n3, to3, NULL);
        CHECK_OK(mv_resample_shape(T, &out, &v, to2, NULL));
        CHECK(out.ndim == 2);
        compare(&out, &o, MEDVOL_BORDER_EDGE, zero, real, n3, m, 4e-5, 0);
        mv_volume_free(T, &out);
        CHECK_OK(mv_resample_spacing(T, &out, &v, sp, NULL));
        CHECK(out.dim[0] == 11 && out.dim[1] == 20);
        mv_volume_free(T, &out);
        mv_volume_free(T, &v);
        free(real);
    }
    { /* arrays that end at an unreadable page, of many lengths */
        size_t a, b;
        int interp;
        for (a = 1; a < 40; a += 3)
            for (b = 1; b < 60; b += 7)
                for (interp = 0; interp <= 4; interp++) {
                    size_t n3[3], to3[3];
                    float *s = (float *)t_guard(a * 3 * 2 * 4), *d = (float *)t_guard(b * 4 * 3 * 4);
                    mv_resample_opt o = {0};
                    n3[0] = a, n3[1] = 3, n3[2] = 2, to3[0] = b, to3[1] = 4, to3[2] = 3;
                    for (k = 0; k < a * 6; k++) s[k] = 2.5f;
                    o.interp = (mv_interp)interp;
                    o.border = MEDVOL_BORDER_EDGE;
                    CHECK_OK(mv_resample_shape_f32(T, d, to3, s, n3, &o));
                    for (k = 0; k < b * 12; k++) CHECK_NEAR(d[k], 2.5, interp < 2 ? 0 : 5e-6);
                    CHECK_OK(mv_resample_affine_f32(T, d, to3, s, n3, turn, &o));
                    for (k = 0; k < b * 12; k++) CHECK_NEAR(d[k], 2.5, interp < 2 ? 0 : 5e-6);
                    t_guard_free(s, a * 6 * 4);
                    t_guard_free(d, b * 12 * 4);
                }
    }
}

/* ---- geometry: a linear function of world position stays one ---- */
static void geometry(double *a, int which) { /* oblique, permuted with a flip, anisotropic */
    static const double forms[3][12] = {{1.9, 0.3, -0.2, -40, -0.4, 1.1, 0.5, 13, 0.25, -0.35, 2.7, 7},
                                        {0, -0.9, 0, 80, 0, 0, 2.2, -30, 1.4, 0, 0, -11},
                                        {-1, 0, 0, 90, 0, 2, 0, -126, 0, 0, 3, -72}};
    memcpy(a, forms[which], sizeof forms[which]);
}
static double world_linear(const double *a, double i, double j, double k) {
    double p[3], w[3];
    p[0] = i, p[1] = j, p[2] = k;
    mv_affine_apply(w, a, p);
    return 0.7 * w[0] - 1.3 * w[1] + 0.4 * w[2] + 20;
}
/* worst error at voxels whose world position lies at least `rim` voxels within src, where no border is
   felt */
static double invariant(const mv_volume *out, const mv_volume *src, double rim, size_t *seen) {
    double worst = 0, inverse[12];
    size_t i, j, k, r;
    mv_affine_invert(inverse, src->affine);
    *seen = 0;
    for (k = 0; k < out->dim[2]; k++)
        for (j = 0; j < out->dim[1]; j++)
            for (i = 0; i < out->dim[0]; i++) {
                double ijk[3], w[3], p[3], e;
                int in = 1;
                ijk[0] = (double)i, ijk[1] = (double)j, ijk[2] = (double)k;
                mv_affine_apply(w, out->affine, ijk);
                mv_affine_apply(p, inverse, w);
                for (r = 0; r < 3; r++) in = in && p[r] >= rim && p[r] <= (double)src->dim[r] - 1 - rim;
                if (!in) continue;
                ++*seen;
                e = fabs(value_of(out, i, j, k, 0) - world_linear(out->affine, ijk[0], ijk[1], ijk[2]));
                if (!(e <= worst)) worst = e;
            }
    return worst;
}
static void test_world(void) {
    static const size_t n[3] = {30, 26, 22}, to[3] = {37, 17, 25};
    static const double spacing[3] = {1.3, 0.8, 3.1};
    int which, interp, grid, r;
    for (which = 0; which < 3; which++) {
        mv_volume v = {0}, like = {0}, out = {0};
        size_t i, seen;
        CHECK_OK(mv_volume_alloc(T, &v, MEDVOL_F32, 3, n));
        geometry(v.affine, which);
        for (i = 0; i < 30 * 26 * 22; i++)
            ((float *)v.data)[i] = (float)world_linear(
                v.affine, (double)(i % 30), (double)(i / 30 % 26), (double)(i / 780));
        CHECK_OK(mv_volume_alloc(T, &like, MEDVOL_U8, 3, to));
        mv_affine_mul(like.affine, v.affine, turn);
        like.affine[3] += 3;
        for (interp = 0; interp <= 3; interp++)
            for (grid = 0; grid <= 4; grid++) {
                mv_resample_opt o = {0};
                /* what a filter reaches; the spline's decays as 0.27^k, linear data fold over at the ends */
                double rim = interp == MEDVOL_LINEAR ? 0 : interp == MEDVOL_CUBIC ? 5 : 1;
                double tol = interp == MEDVOL_CUBIC ? 0.02 : 3e-4;
                if (interp == MEDVOL_NEAREST) continue;
                o.interp = (mv_interp)interp;
                o.grid = (mv_grid)grid;
                CHECK_OK(mv_resample_spacing(T, &out, &v, spacing, &o));
                CHECK(invariant(&out, &v, rim, &seen) <= tol && seen > 20);
                if (grid != MEDVOL_GRID_HALF_PIXEL && grid != MEDVOL_GRID_ALIGN_CORNERS) {
                    double got[3];
                    mv_spacing(&out, got);
                    for (r = 0; r < 3; r++) CHECK_NEAR(got[r], spacing[r], 1e-12);
                }
                mv_volume_free(T, &out);
                CHECK_OK(mv_resample_shape(T, &out, &v, to, &o));
                CHECK(invariant(&out, &v, rim, &seen) <= tol && seen > 20);
                mv_volume_free(T, &out);
                CHECK_OK(mv_resample_like(T, &out, &v, &like, &o));
                CHECK(memcmp(out.affine, like.affine, sizeof out.affine) == 0 &&
                    memcmp(out.dim, like.dim, sizeof out.dim) == 0);
                CHECK(invariant(&out, &v, rim, &seen) <= tol && seen > 20);
                mv_volume_free(T, &out);
                CHECK_OK(mv_resample_affine(T, &out, &v, turn, to, &o));
                CHECK(invariant(&out, &v, rim, &seen) <= tol && seen > 20);
                mv_volume_free(T, &out);
                o.interp = MEDVOL_NEAREST; /* no more than half a voxel away */
                CHECK_OK(mv_resample_shape(T, &out, &v, to, &o));
                CHECK(invariant(&out, &v, 0, &seen) <= 0.5 * (0.7 + 1.3 + 0.4) * 5 && seen > 20);
                mv_volume_free(T, &out);
            }
        mv_volume_free(T, &v);
        mv_volume_free(T, &like);
    }
}
/* a cubic polynomial is its own spline where the ends are far */
static void test_cubic_polynomial(void) {
    static const size_t n[3] = {64, 1, 1}, to[3] = {150, 1, 1};
    float s[64], d[150];
    mv_resample_opt o = {0};
    int i;
    for (i = 0; i < 64; i++) {
        double x = (i - 32) / 16.0;
        s[i] = (float)(x * x * x - 2 * x * x + 0.5 * x + 1);
    }
    o.interp = MEDVOL_CUBIC;
    o.grid = MEDVOL_GRID_ALIGN_CORNERS;
    CHECK_OK(mv_resample_shape_f32(T, d, to, s, n, &o));
    for (i = 40; i < 110; i++) {
        double x = (i * 63.0 / 149 - 32) / 16;
        CHECK_NEAR(d[i], x * x * x - 2 * x * x + 0.5 * x + 1, 2e-5);
    }
    o.interp = MEDVOL_CUBIC_CONV; /* exact for parabolas */
    for (i = 0; i < 64; i++) s[i] = (float)((i - 30) * (i - 30)) * 0.25f;
    CHECK_OK(mv_resample_shape_f32(T, d, to, s, n, &o));
    for (i = 4; i < 145; i++) {
        double x = i * 63.0 / 149 - 30;
        CHECK_NEAR(d[i], 0.25 * x * x, 1e-4);
    }
}
static void test_identity(void) { /* a grid that coincides gives the values back, bit for bit */
    static const size_t n[3] = {13, 7, 5};
    static const mv_dtype types[] = {MEDVOL_F32, MEDVOL_I16, MEDVOL_U8, MEDVOL_F16};
    double spacing[3], *real, unit[12];
    size_t i, t;
    int interp, border, k;
    mv_affine_identity(unit);
    for (t = 0; t < 4; t++) {
        mv_volume v = random_volume(types[t], 3, n, &real), out = {0};
        if (t == 0) ((float *)v.data)[100] = (float)NAN;
        geometry(v.affine, (int)t % 3);
        mv_spacing(&v, spacing);
        for (interp = 0; interp <= 4; interp++)
            for (border = 0; border <= 4; border++)
                for (k = 0; k < 4; k++) {
                    mv_resample_opt o = {0};
                    o.interp = (mv_interp)interp;
                    o.border = (mv_border)border;
                    o.antialias = 1;
                    if (k == 0) CHECK_OK(mv_resample_spacing(T, &out, &v, spacing, &o));
                    else if (k == 1) CHECK_OK(mv_resample_shape(T, &out, &v, n, &o));
                    else if (k == 2) CHECK_OK(mv_resample_like(T, &out, &v, &v, &o));
                    else CHECK_OK(mv_resample_affine(T, &out, &v, unit, n, &o));
                    for (i = 0; i < 12; i++) CHECK_NEAR(out.affine[i], v.affine[i], 1e-12);
                    for (i = 0; i < 13 * 7 * 5; i++) {
                        double x = value_of(&out, i, 0, 0, 0);
                        if (!CHECK(t == 0 && i == 100 ? x != x : x == real[i])) break;
                    }
                    mv_volume_free(T, &out);
                }
        mv_volume_free(T, &v);
        free(real);
    }
    { /* nodes of a finer grid are the voxels: interpolation passes through them, in both paths */
        static const size_t fine[3] = {25, 13, 9};
        mv_volume v = random_volume(MEDVOL_F32, 3, n, &real), out = {0};
        double lean[12] = {0.5, 0, 0, 0, 0, 0.5, 0, 0, 0, 0, 0.5, 0};
        for (interp = 0; interp <= 4; interp++)
            for (k = 0; k < 2; k++) {
                mv_resample_opt o = {0};
                o.interp = (mv_interp)interp;
                o.grid = MEDVOL_GRID_ALIGN_CORNERS;
                lean[1] = 1e-6;
                if (k == 0) CHECK_OK(mv_resample_shape(T, &out, &v, fine, &o));
                else CHECK_OK(mv_resample_affine(T, &out, &v, lean, fine, &o));
                for (i = 0; i < 13 * 7 * 5; i++)
                    CHECK_NEAR(
                        value_of(&out, i % 13 * 2, i / 13 % 7 * 2, i / 91 * 2, 0), real[i], k ? 3e-3 : 5e-5);
                mv_volume_free(T, &out);
            }
        mv_volume_free(T, &v);
        free(real);
    }
}

/* ---- shapes and positions asked for by rule ---- */
static void test_rules(void) {
    static const struct {
        mv_shape_rule rule;
        double spacing;
        size_t m[3]; /* of 10, 17, 1 voxels of 1, 1.5, 4 mm */
    } cases[] = {
        {MEDVOL_SHAPE_ROUND, 0.8, {13, 32, 5}}, {MEDVOL_SHAPE_ROUND, 3, {3, 9, 1}},
        {MEDVOL_SHAPE_ROUND, 100, {1, 1, 1}}, {MEDVOL_SHAPE_CEIL, 0.8, {13, 32, 5}},
        {MEDVOL_SHAPE_CEIL, 0.7, {15, 37, 6}}, {MEDVOL_SHAPE_CEIL, 3, {4, 9, 2}},
        {MEDVOL_SHAPE_MONAI, 0.8, {12, 31, 1}}, {MEDVOL_SHAPE_MONAI, 3, {4, 9, 1}},
        {MEDVOL_SHAPE_MONAI, 2, {6, 13, 1}}, {MEDVOL_SHAPE_NIBABEL, 0.8, {13, 31, 1}},
        {MEDVOL_SHAPE_NIBABEL, 3, {4, 9, 1}}, {MEDVOL_SHAPE_NIBABEL, 2, {6, 13, 1}},
        {MEDVOL_SHAPE_FLOOR, 0.8, {12, 31, 5}}, {MEDVOL_SHAPE_FLOOR, 0.7, {14, 36, 5}},
        {MEDVOL_SHAPE_FLOOR, 3, {3, 8, 1}}, {MEDVOL_SHAPE_FLOOR, 0.1, {100, 255, 40}},
    };
    static const size_t n[3] = {10, 17, 1};
    static const double old[3] = {1, 1.5, 4};
    double *real;
    mv_volume v = random_volume(MEDVOL_F32, 3, n, &real), out = {0};
    size_t i;
    int r;
    mv_affine_from_spacing(v.affine, old, NULL);
    for (i = 0; i < sizeof cases / sizeof *cases; i++) {
        double spacing[3];
        mv_resample_opt o = {0};
        spacing[0] = spacing[1] = spacing[2] = cases[i].spacing;
        o.shape = cases[i].rule;
        CHECK_OK(mv_resample_spacing(T, &out, &v, spacing, &o));
        for (r = 0; r < 3; r++)
            if (!CHECK(out.dim[r] == cases[i].m[r]))
                fprintf(stderr, "  rule %d spacing %g axis %d: %zu, want %zu\n", o.shape, cases[i].spacing, r,
                    out.dim[r], cases[i].m[r]);
        /* centre rule: the middle of the volume stays where it was */
        for (r = 0; r < 3; r++)
            CHECK_NEAR(out.affine[4 * r + 3] + out.affine[5 * r] * ((double)out.dim[r] - 1) / 2,
                old[r] * ((double)n[r] - 1) / 2, 1e-12);
        mv_volume_free(T, &out);
        o.grid = MEDVOL_GRID_FIRST;
        CHECK_OK(mv_resample_spacing(T, &out, &v, spacing, &o));
        for (r = 0; r < 3; r++) CHECK_NEAR(out.affine[4 * r + 3], 0, 0);
        mv_volume_free(T, &out);
        o.grid = MEDVOL_GRID_LOW_EDGE;
        CHECK_OK(mv_resample_spacing(T, &out, &v, spacing, &o));
        for (r = 0; r < 3; r++) CHECK_NEAR(out.affine[4 * r + 3] - out.affine[5 * r] / 2, -old[r] / 2, 1e-12);
        mv_volume_free(T, &out);
    }
    mv_volume_free(T, &v);
    free(real);
}

/* ---- one result for all levels and thread counts ---- */
static void test_levels(void) {
    static const size_t n[3] = {45, 38, 20}, to[3] = {61, 47, 27};
    static float first[61 * 47 * 27];
    mv_ctx serial = T_EMPTY;
    double *real;
    mv_volume v = random_volume(MEDVOL_F32, 3, n, &real), a = {0}, b = {0};
    size_t i, count = 61 * 47 * 27;
    int interp, general, near, level;
    for (interp = 0; interp <= 4; interp++)
        for (general = 0; general < 2; general++) {
            mv_resample_opt o = {0};
            o.interp = (mv_interp)interp;
            near = interp == MEDVOL_NEAREST;
            if (interp == MEDVOL_LANCZOS && general) continue; /* no kernel of its own, and slow */
            if (general) {
                CHECK_OK(mv_resample_affine(T, &a, &v, turn, to, &o));
                CHECK_OK(mv_resample_affine(&serial, &b, &v, turn, to, &o));
            } else {
                CHECK_OK(mv_resample_shape(T, &a, &v, to, &o));
                CHECK_OK(mv_resample_shape(&serial, &b, &v, to, &o));
            }
            CHECK(memcmp(a.data, b.data, count * 4) == 0);
            memcpy(first, b.data, count * 4);
            mv_volume_free(&serial, &b);
            level = t_level;
            mv_level_force(1);
            if (general) CHECK_OK(mv_resample_affine(&serial, &b, &v, turn, to, &o));
            else CHECK_OK(mv_resample_shape(&serial, &b, &v, to, &o));
            mv_level_force(level);
            /* values reach 100: 8 ulp of that, 1e-5 of it in the general path */
            for (i = 0; i < count; i++)
                if (!CHECK(fabs(first[i] - ((float *)b.data)[i]) <= (near ? 0 : general ? 1e-3 : 8 * 7.7e-6)))
                    break;
            mv_volume_free(T, &a);
            mv_volume_free(&serial, &b);
        }
    mv_volume_free(T, &v);
    free(real);
}
static void test_large(void) { /* existing memory beyond 4 MiB: streamed, in rows that are not aligned */
    static const size_t n[3] = {101, 60, 50}, to[3] = {143, 103, 90};
    static const mv_dtype types[] = {MEDVOL_F32, MEDVOL_U8};
    double *real;
    mv_resample_opt o = {0};
    size_t t;
    int interp;
    for (t = 0; t < 2; t++) {
        mv_volume v = random_volume(types[t], 3, n, &real), fresh = {0}, held = {0};
        for (interp = 0; interp <= 1; interp++) {
            o.interp = (mv_interp)interp;
            o.border = MEDVOL_BORDER_CONSTANT;
            o.grid = MEDVOL_GRID_FIRST;
            CHECK_OK(mv_resample_shape(T, &fresh, &v, to, &o));
            CHECK_OK(mv_volume_alloc(T, &held, fresh.dtype, 3, to));
            memset(held.data, 0x55, mv_volume_count(&held) * mv_dtype_size(held.dtype));
            CHECK_OK(mv_resample_shape(T, &held, &v, to, &o));
            CHECK(memcmp(fresh.data, held.data, mv_volume_count(&held) * mv_dtype_size(held.dtype)) == 0);
            CHECK_OK(mv_resample_affine(T, &held, &v, turn, to, &o));
            mv_volume_free(T, &fresh);
            CHECK_OK(mv_resample_affine(T, &fresh, &v, turn, to, &o));
            CHECK(memcmp(fresh.data, held.data, mv_volume_count(&held) * mv_dtype_size(held.dtype)) == 0);
            mv_volume_free(T, &fresh);
            mv_volume_free(T, &held);
        }
        mv_volume_free(T, &v);
        free(real);
    }
}

/* ---- bad arguments: a status, a message, dst untouched ---- */
static void refuse(const mv_volume *v, const mv_resample_opt *o, mv_status want) {
    static const size_t to[3] = {4, 4, 4};
    static const double one[3] = {1.1, 1.2, 1.3};
    mv_volume out = {0}, none = {0};
    CHECK_STATUS(mv_resample_shape(T, &out, v, to, o), want);
    CHECK(mv_message(T)[0] != 0);
    CHECK_STATUS(mv_resample_spacing(T, &out, v, one, o), want);
    CHECK_STATUS(mv_resample_affine(T, &out, v, turn, to, o), want);
    CHECK_STATUS(mv_resample_like(T, &out, v, v, o), want);
    CHECK(memcmp(&out, &none, sizeof out) == 0);
}
static const size_t r_dim[3] = {6, 5, 4}; /* of the volume that is refused */
static void test_refused_arguments(void) { /* NULL, overlap, shapes that are empty or too large */
    static const size_t none[3] = {6, 0, 4}, huge[3] = {(size_t)1 << 30, (size_t)1 << 30, (size_t)1 << 30},
                        over[3] = {6, ((size_t)1 << 30) + 1, 4};
    double *real, sp[3] = {1, 1, 1};
    const size_t *n = r_dim;
    mv_volume v = random_volume(MEDVOL_F32, 3, n, &real), out = {0};
    float *x = (float *)v.data;
    CHECK_STATUS(mv_resample_shape(T, NULL, &v, n, NULL), MEDVOL_E_NULL);
    CHECK_STATUS(mv_resample_shape(T, &out, NULL, n, NULL), MEDVOL_E_NULL);
    CHECK_STATUS(mv_resample_shape(T, &out, &v, NULL, NULL), MEDVOL_E_NULL);
    CHECK_STATUS(mv_resample_spacing(T, NULL, &v, sp, NULL), MEDVOL_E_NULL);
    CHECK_STATUS(mv_resample_spacing(T, &out, NULL, sp, NULL), MEDVOL_E_NULL);
    CHECK_STATUS(mv_resample_spacing(T, &out, &v, NULL, NULL), MEDVOL_E_NULL);
    CHECK_STATUS(mv_resample_like(T, NULL, &v, &v, NULL), MEDVOL_E_NULL);
    CHECK_STATUS(mv_resample_like(T, &out, NULL, &v, NULL), MEDVOL_E_NULL);
    CHECK_STATUS(mv_resample_like(T, &out, &v, NULL, NULL), MEDVOL_E_NULL);
    CHECK_STATUS(mv_resample_affine(T, NULL, &v, turn, n, NULL), MEDVOL_E_NULL);
    CHECK_STATUS(mv_resample_affine(T, &out, NULL, turn, n, NULL), MEDVOL_E_NULL);
    CHECK_STATUS(mv_resample_affine(T, &out, &v, NULL, n, NULL), MEDVOL_E_NULL);
    CHECK_STATUS(mv_resample_affine(T, &out, &v, turn, NULL, NULL), MEDVOL_E_NULL);
    CHECK_STATUS(mv_resample_shape_f32(T, NULL, n, x, n, NULL), MEDVOL_E_NULL);
    CHECK_STATUS(mv_resample_shape_f32(T, x, n, x, n, NULL), MEDVOL_E_ALIAS);
    CHECK_STATUS(mv_resample_affine_f32(T, x, n, x, n, turn, NULL), MEDVOL_E_ALIAS);
    CHECK_STATUS(mv_resample_shape(T, &out, &v, none, NULL), MEDVOL_E_SIZE);
    CHECK_STATUS(mv_resample_affine(T, &out, &v, turn, none, NULL), MEDVOL_E_SIZE);
    CHECK_STATUS(mv_resample_shape(T, &out, &v, huge, NULL), MEDVOL_E_SIZE);
    CHECK_STATUS(mv_resample_affine(T, &out, &v, turn, over, NULL), MEDVOL_E_SIZE);
    CHECK(out.data == NULL);
    mv_volume_free(T, &v);
    free(real);
}
static void test_refused_spacing(void) {
    static const double wrong[] = {0, -1, 1e300, 1e-300, 1e-9, 1e-30};
    double *real, sp[3] = {1, 1, 1};
    mv_volume v = random_volume(MEDVOL_F32, 3, r_dim, &real), out = {0};
    int i;
    for (i = 0; i < 6; i++) {
        mv_status st;
        sp[1] = wrong[i];
        st = mv_resample_spacing(T, &out, &v, sp, NULL);
        if (wrong[i] <= 0) CHECK(st == MEDVOL_E_RANGE);
        else if (wrong[i] < 1) CHECK(st == MEDVOL_E_SIZE || st == MEDVOL_E_NOMEM);
        else { /* one voxel of 1e300 mm: odd, but what was asked for; or its affine cannot be held */
            CHECK(st == MEDVOL_OK ? out.dim[1] == 1 : st < 0 && out.data == NULL);
            mv_volume_free(T, &out);
        }
    }
    sp[1] = NAN;
    CHECK_STATUS(mv_resample_spacing(T, &out, &v, sp, NULL), MEDVOL_E_RANGE);
    sp[1] = INFINITY;
    CHECK_STATUS(mv_resample_spacing(T, &out, &v, sp, NULL), MEDVOL_E_RANGE);
    sp[1] = 1;
    T->desc.limits.max_bytes = 6 * 5 * 4 * 4;
    CHECK_OK(mv_resample_spacing(T, &out, &v, sp, NULL));
    mv_volume_free(T, &out);
    sp[0] = 0.5;
    CHECK_STATUS(mv_resample_spacing(T, &out, &v, sp, NULL), MEDVOL_E_LIMIT);
    T->desc.limits.max_bytes = 0;
    mv_volume_free(T, &v);
    free(real);
}
static void test_refused_geometry(void) { /* matrices and volumes without an inverse, without a sense */
    double *real, sp[3] = {1, 1, 1}, m[12];
    mv_volume v = random_volume(MEDVOL_F32, 3, r_dim, &real), out = {0}, bad;
    int i;
    for (i = 0; i < 12; i++) {
        memcpy(m, turn, sizeof m);
        m[i] = i % 2 ? NAN : INFINITY;
        CHECK_STATUS(mv_resample_affine(T, &out, &v, m, r_dim, NULL), MEDVOL_E_RANGE);
    }
    memset(m, 0, sizeof m);
    CHECK_STATUS(mv_resample_affine(T, &out, &v, m, r_dim, NULL), MEDVOL_E_SINGULAR);
    memcpy(m, turn, sizeof m);
    for (i = 0; i < 4; i++) m[8 + i] = 2 * m[i];
    CHECK_STATUS(mv_resample_affine(T, &out, &v, m, r_dim, NULL), MEDVOL_E_SINGULAR);
    bad = v;
    bad.affine[0] = bad.affine[4] = bad.affine[8] = 0;
    CHECK_STATUS(mv_resample_like(T, &out, &bad, &v, NULL), MEDVOL_E_SINGULAR);
    CHECK_STATUS(mv_resample_like(T, &out, &v, &bad, NULL), MEDVOL_E_SINGULAR);
    CHECK_STATUS(mv_resample_spacing(T, &out, &bad, sp, NULL), MEDVOL_E_SINGULAR);
    bad = v;
    bad.affine[5] = NAN;
    CHECK_STATUS(mv_resample_spacing(T, &out, &bad, sp, NULL), MEDVOL_E_SINGULAR);
    bad = v;
    bad.ndim = 9;
    CHECK_STATUS(mv_resample_like(T, &out, &v, &bad, NULL), MEDVOL_E_RANGE);
    bad = v;
    bad.dim[2] = 0;
    CHECK_STATUS(mv_resample_like(T, &out, &v, &bad, NULL), MEDVOL_E_SIZE);
    CHECK(out.data == NULL);
    mv_volume_free(T, &v);
    free(real);
}
static void test_refused_options(void) {
    static const struct {
        int interp, border, grid, shape, lobes, dtype;
        double value, a;
        mv_status want;
    } row[] = {
        {5, 0, 0, 0, 0, 0, 0, 0, MEDVOL_E_RANGE}, {-1, 0, 0, 0, 0, 0, 0, 0, MEDVOL_E_RANGE},
        {0, 5, 0, 0, 0, 0, 0, 0, MEDVOL_E_RANGE}, {0, -1, 0, 0, 0, 0, 0, 0, MEDVOL_E_RANGE},
        {0, 0, 5, 0, 0, 0, 0, 0, MEDVOL_E_RANGE}, {0, 0, 0, 5, 0, 0, 0, 0, MEDVOL_E_RANGE},
        {0, 0, 0, 0, 9, 0, 0, 0, MEDVOL_E_RANGE}, {0, 0, 0, 0, 1, 0, 0, 0, MEDVOL_E_RANGE},
        {0, 0, 0, 0, 0, 0, (double)NAN, 0, MEDVOL_E_RANGE}, {0, 0, 0, 0, 0, 0, 0, 0.5, MEDVOL_E_RANGE},
        {0, 0, 0, 0, 0, 0, 0, (double)NAN, MEDVOL_E_RANGE}, {0, 0, 0, 0, 0, 77, 0, 0, MEDVOL_E_DTYPE},
        {0, 0, 0, 0, 0, MEDVOL_RGB24, 0, 0, MEDVOL_E_DTYPE}};
    double *real;
    mv_volume v = random_volume(MEDVOL_F32, 3, r_dim, &real);
    mv_resample_opt o;
    float out[120];
    size_t i;
    for (i = 0; i < sizeof row / sizeof *row; i++) {
        memset(&o, 0, sizeof o);
        o.interp = (mv_interp)row[i].interp;
        o.border = (mv_border)row[i].border;
        o.grid = (mv_grid)row[i].grid;
        o.shape = (mv_shape_rule)row[i].shape;
        o.lobes = row[i].lobes;
        o.dtype = (mv_dtype)row[i].dtype;
        o.value = row[i].value;
        o.a = row[i].a;
        refuse(&v, &o, row[i].want);
    }
    memset(&o, 0, sizeof o);
    o.dtype = MEDVOL_F64; /* an array call has the type in its name */
    CHECK_STATUS(mv_resample_shape_f32(T, out, r_dim, (float *)v.data, r_dim, &o), MEDVOL_E_DTYPE);
    mv_volume_free(T, &v);
    free(real);
}
static void test_refused_destination(void) { /* of another shape or type, overlapping; src is replaced */
    static const size_t half[3] = {3, 5, 4}, zero[3] = {0, 0, 0}, small[3] = {2, 5, 4};
    double *real;
    mv_volume v = random_volume(MEDVOL_F32, 3, r_dim, &real), w = v;
    mv_resample_opt o = {0};
    w.owner = NULL;
    CHECK_STATUS(mv_resample_shape(T, &w, &v, half, NULL), MEDVOL_E_SHAPE);
    CHECK_OK(mv_volume_view(T, &w, &v, zero, half));
    CHECK_STATUS(mv_resample_shape(T, &w, &v, half, NULL), MEDVOL_E_ALIAS);
    o.dtype = MEDVOL_I16;
    CHECK_STATUS(mv_resample_shape(T, &w, &v, half, &o), MEDVOL_E_DTYPE);
    CHECK_STATUS(mv_resample_shape(T, &w, &v, small, NULL), MEDVOL_E_SHAPE);
    CHECK_OK(mv_resample_shape(T, &v, &v, half, NULL));
    CHECK(v.dim[0] == 3 && v.dim[1] == 5 && v.dtype == MEDVOL_F32);
    mv_volume_free(T, &v);
    free(real);
}
static void test_extremes(void) { /* positions far away, steps that leap over the volume */
    static const size_t n[3] = {8, 7, 6}, to[3] = {5, 4, 3};
    static const double scale[] = {1e-8, 300, 5000, 1e9, 1e15};
    double *real;
    mv_volume v = random_volume(MEDVOL_F32, 3, n, &real), out = {0};
    size_t s, i;
    int interp, border, k;
    for (s = 0; s < sizeof scale / sizeof *scale; s++)
        for (interp = 0; interp <= 4; interp++)
            for (border = 1; border <= 4; border++)
                for (k = 0; k < 2; k++) {
                    double m[12];
                    mv_resample_opt o = {0};
                    o.interp = (mv_interp)interp;
                    o.border = (mv_border)border;
                    o.value = 1000;
                    for (i = 0; i < 12; i++) m[i] = turn[i] * scale[s];
                    if (k) m[1] = m[2] = m[4] = m[6] = m[8] = m[9] = 0;
                    m[3] = 2.5;
                    CHECK_OK(mv_resample_affine(T, &out, &v, m, to, &o));
                    for (i = 0; i < 60; i++)
                        CHECK(((float *)out.data)[i] > -250 && ((float *)out.data)[i] <= 1000);
                    mv_volume_free(T, &out);
                }
    mv_volume_free(T, &v);
    free(real);
}
static void test_no_memory(void) {
    static const size_t n[4] = {12, 9, 8, 2}, to[3] = {15, 7, 9};
    double *real;
    mv_volume v = random_volume(MEDVOL_I16, 4, n, &real), out = {0}, none = {0};
    int interp, general, k;
    for (interp = 0; interp <= 4; interp++)
        for (general = 0; general < 2; general++)
            for (k = 1; k < 40; k++) {
                mv_resample_opt o = {0};
                mv_status st;
                size_t live = t_live();
                double m[12];
                int r;
                o.interp = (mv_interp)interp;
                o.antialias = 1;
                for (r = 0; r < 12; r++) m[r] = turn[r] * 1.7;
                t_fail_alloc((size_t)k, k % 2);
                st = general ? mv_resample_affine(T, &out, &v, m, to, &o)
                             : mv_resample_shape(T, &out, &v, to, &o);
                t_fail_alloc(0, 0);
                if (st == MEDVOL_OK) {
                    mv_volume_free(T, &out);
                    CHECK(k > 1);
                    break;
                }
                CHECK_STATUS(st, MEDVOL_E_NOMEM);
                CHECK(t_live() == live && memcmp(&out, &none, sizeof out) == 0);
            }
    mv_volume_free(T, &v);
    free(real);
}
static int stop_at_once(void *user, double done, double total, const char *label) {
    (void)done, (void)total, (void)label;
    return ++*(int *)user > 0;
}
static void test_cancel(void) {
    static const size_t n[3] = {12, 9, 8}, to[3] = {15, 7, 9};
    double *real;
    mv_volume v = random_volume(MEDVOL_F32, 3, n, &real), out = {0};
    mv_resample_opt o = {0};
    int calls = 0;
    T->desc.progress = stop_at_once;
    T->desc.progress_user = &calls;
    o.interp = MEDVOL_CUBIC;
    CHECK_STATUS(mv_resample_shape(T, &out, &v, to, &o), MEDVOL_E_CANCELLED);
    CHECK_STATUS(mv_resample_affine(T, &out, &v, turn, to, &o), MEDVOL_E_CANCELLED);
    CHECK(calls > 1 && out.data == NULL);
    T->desc.progress = NULL;
    mv_volume_free(T, &v);
    free(real);
}

/* ---- medrs's defects, by the numbers of the inventory that lists them ---- */
/* spacing 1 2 3 of a permuted affine to 2 2 3: columns are scaled, not rows */
static void test_medrs_b4(void) {
    static const size_t n[3] = {8, 6, 4};
    static const double spacing[3] = {2, 2, 3}, permuted[12] = {0, 2, 0, 5, 0, 0, 3, 6, 1, 0, 0, 7};
    double *real, got[3];
    mv_volume v = random_volume(MEDVOL_F32, 3, n, &real), out = {0};
    memcpy(v.affine, permuted, sizeof permuted);
    CHECK_OK(mv_resample_spacing(T, &out, &v, spacing, NULL));
    mv_spacing(&out, got);
    CHECK(got[0] == 2 && got[1] == 2 && got[2] == 3 && out.dim[0] == 4 && out.dim[1] == 6 && out.dim[2] == 4);
    CHECK(out.affine[8] == 2 && out.affine[1] == 2 && out.affine[6] == 3 && out.affine[0] == 0);
    mv_volume_free(T, &out);
    mv_volume_free(T, &v);
    free(real);
}
/* the origin moves with the sampling rule, and align-corners states its true step */
static void test_medrs_b5(void) {
    static const size_t n[3] = {8, 6, 5}, to[3] = {4, 6, 9};
    double *real;
    mv_volume v = random_volume(MEDVOL_F32, 3, n, &real), out = {0};
    mv_resample_opt o = {0};
    CHECK_OK(mv_resample_shape(T, &out, &v, to, &o));
    CHECK_NEAR(out.affine[3], 0.5, 1e-15);
    CHECK_NEAR(out.affine[7], 0, 1e-15);
    CHECK_NEAR(out.affine[11], -2.0 / 9, 1e-15);
    mv_volume_free(T, &out);
    o.grid = MEDVOL_GRID_ALIGN_CORNERS;
    CHECK_OK(mv_resample_shape(T, &out, &v, to, &o));
    CHECK_NEAR(out.affine[0], 7.0 / 3, 1e-15);
    CHECK_NEAR(out.affine[10], 0.5, 1e-15);
    CHECK_NEAR(out.affine[3], 0, 0);
    mv_volume_free(T, &out);
    mv_volume_free(T, &v);
    free(real);
}
static void test_medrs_b13(void) { /* every volume of a series, and pictures, not the first or none */
    static const size_t n[5] = {6, 5, 4, 3, 2}, to[3] = {7, 3, 6};
    double *real, m[12], zero[3] = {0, 0, 0};
    mv_volume v = random_volume(MEDVOL_F32, 5, n, &real), out = {0};
    size_t i;
    int interp;
    v.step[0] = 2.5;
    axis_matrix(m, MEDVOL_GRID_CENTRE, n, to, NULL);
    for (interp = 0; interp <= 4; interp++) {
        mv_resample_opt o = {0};
        o.interp = (mv_interp)interp;
        CHECK_OK(mv_resample_shape(T, &out, &v, to, &o));
        CHECK(out.ndim == 5 && out.dim[3] == 3 && out.dim[4] == 2 && out.step[0] == 2.5);
        /* contiguous: 4-D strides reach all six */
        for (i = 0; i < 6; i++) compare(&out, &o, MEDVOL_BORDER_EDGE, zero, real, n, m, 1e-4, i);
        mv_volume_free(T, &out);
    }
    mv_volume_free(T, &v);
    free(real);
}

/* ---- corners found by comparison with numpy ---- */
static void test_one_voxel(void) { /* smoothing does not forget an axis that shrinks to one voxel */
    static const size_t n[3] = {9, 9, 9}, to[3] = {1, 9, 1};
    static float x[729], y[9];
    double m[12] = {1, 0, 0, 4, 0, 1, 0, 0, 0, 0, 9, 4}, total = 0;
    mv_resample_opt o = {0};
    int j;
    for (j = -16; j <= 16; j++) total += exp(-0.5 * j * j / 16.0);
    memset(x, 0, sizeof x);
    for (j = 0; j < 9; j++) x[4 + 9 * j + 81 * 4] = 1;
    o.antialias = 1;
    CHECK_OK(mv_resample_shape_f32(T, y, to, x, n, &o));
    for (j = 0; j < 9; j++) CHECK_NEAR(y[j], 1 / (total * total), 1e-6);
    CHECK_OK(mv_resample_affine_f32(T, y, to, x, n, m, &o)); /* a thick slice, thin in the plane */
    for (j = 0; j < 9; j++) CHECK_NEAR(y[j], 1 / total, 1e-6);
}
static void test_faint_smoothing(void) { /* too faint for a second tap: the scaling still applies */
    static const size_t n[3] = {6, 5, 4};
    double lean[12] = {1.05, 0.01, 0, 0.2, 0, 1.05, 0, 0.1, 0, 0, 1.05, 0};
    mv_volume v = {0}, out = {0};
    mv_resample_opt o = {0};
    size_t i, bad = 0;
    CHECK_OK(mv_volume_alloc(T, &v, MEDVOL_F32, 3, n));
    for (i = 0; i < 120; i++) ((float *)v.data)[i] = 3;
    v.slope = -2, v.inter = 1;
    o.antialias = 1, o.border = MEDVOL_BORDER_EDGE;
    CHECK_OK(mv_resample_affine(T, &out, &v, lean, n, &o));
    for (i = 0; i < 120; i++) bad += !(fabs((double)((float *)out.data)[i] + 5) < 1e-5);
    CHECK(bad == 0);
    mv_volume_free(T, &v);
    mv_volume_free(T, &out);
}
static void test_nearest_outside(void) { /* the border is a value of the result's type, not of the source's */
    static const size_t n[3] = {5, 4, 3};
    double shift[12] = {1, 0, 0, -2, 0, 1, 0, -1, 0, 0, 1, 0};
    double lean[12] = {1, 0.5, 0, -2, 0, 1, 0, -1, 0, 0, 1, 0};
    mv_volume v = {0}, out = {0};
    mv_resample_opt o = {0};
    size_t i, x, y, k, bad = 0;
    CHECK_OK(mv_volume_alloc(T, &v, MEDVOL_U8, 3, n));
    for (i = 0; i < 60; i++) ((unsigned char *)v.data)[i] = (unsigned char)(i + 1);
    o.interp = MEDVOL_NEAREST, o.dtype = MEDVOL_F32, o.value = -1000.5;
    for (k = 0; k < 2; k++) {
        CHECK_OK(mv_resample_affine(T, &out, &v, k ? lean : shift, n, &o));
        for (i = 0; i < 60; i++) {
            x = i % 5, y = i / 5 % 4;
            bad += y == 0 || x + (k ? y : 0) / 2.0 < 1.5
                ? ((float *)out.data)[i] != -1000.5f
                : x + (k ? y : 0) / 2.0 - 2 <= 4.5 && ((float *)out.data)[i] < 1;
        }
        mv_volume_free(T, &out);
    }
    CHECK(bad == 0);
    mv_volume_free(T, &v);
}
static void test_header(void) { /* slice timing belongs to slices that are still there */
    static const size_t n[3] = {6, 5, 4}, flat[3] = {3, 5, 4}, thin[3] = {6, 5, 7};
    double lean[12] = {1, 0.1, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0};
    mv_volume v = {0}, out = {0};
    mv_nifti h;
    memset(&h, 0, sizeof h);
    h.dim_info = 1 | 2 << 2 | 3 << 4;
    h.slice_end = 3, h.slice_code = 3, h.slice_duration = 0.1;
    CHECK_OK(mv_volume_alloc(T, &v, MEDVOL_U8, 3, n));
    memset(v.data, 1, 120);
    v.nifti = &h;
    CHECK_OK(mv_resample_shape(T, &out, &v, flat, NULL));
    CHECK(out.nifti->slice_end == 3 && out.nifti->slice_code == 3 && out.nifti->dim_info == h.dim_info);
    mv_volume_free(T, &out);
    CHECK_OK(mv_resample_shape(T, &out, &v, thin, NULL));
    CHECK(out.nifti->slice_end == 0 && out.nifti->slice_code == 0 && out.nifti->slice_duration == 0.0);
    CHECK(out.nifti->dim_info == h.dim_info && h.slice_end == 3);
    mv_volume_free(T, &out);
    CHECK_OK(mv_resample_affine(T, &out, &v, lean, n, NULL));
    CHECK(out.nifti->slice_end == 0 && out.nifti->dim_info == 0);
    mv_volume_free(T, &out);
    v.nifti = NULL;
    mv_volume_free(T, &v);
}

const t_case tests_resample[] = {
    {"shape", test_shape, 0},
    {"antialias", test_antialias, 0},
    {"affine", test_affine, 0},
    {"affine_diagonal", test_affine_diagonal, 0},
    {"scipy", test_scipy, 0},
    {"types", test_types, 0},
    {"scaled_types", test_scaled_types, 0},
    {"integer_results", test_integer_results, 0},
    {"other_elements", test_other_elements, 0},
    {"strides", test_strides, 0},
    {"world", test_world, 0},
    {"cubic_polynomial", test_cubic_polynomial, 0},
    {"identity", test_identity, 0},
    {"rules", test_rules, 0},
    {"levels", test_levels, 0},
    {"large", test_large, 0},
    {"refused_arguments", test_refused_arguments, 0},
    {"refused_spacing", test_refused_spacing, 0},
    {"refused_geometry", test_refused_geometry, 0},
    {"refused_options", test_refused_options, 0},
    {"refused_destination", test_refused_destination, 0},
    {"extremes", test_extremes, 0},
    {"no_memory", test_no_memory, 0},
    {"cancel", test_cancel, 0},
    {"medrs_b4", test_medrs_b4, 0},
    {"medrs_b5", test_medrs_b5, 0},
    {"medrs_b13", test_medrs_b13, 0},
    {"one_voxel", test_one_voxel, 0},
    {"faint_smoothing", test_faint_smoothing, 0},
    {"nearest_outside", test_nearest_outside, 0},
    {"header", test_header, 0},
    {NULL, NULL, 0},
};
