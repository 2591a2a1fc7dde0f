/* test_mind.c - mv_mind_ssc against its formula in doubles; mv_register_search against trying everything, and
   on images of noise that is known at every point of the world, seen through known warps. */
#include "test.h"

/* ---- the descriptor ---- */
enum { MOST = 2400 };
static int clamped(ptrdiff_t i, size_t n) {
    return (int)(i < 0 ? 0 : i < (ptrdiff_t)n ? i : (ptrdiff_t)n - 1);
}
static double voxel(const double *v, const size_t *n, ptrdiff_t x, ptrdiff_t y, ptrdiff_t z) {
    return v[clamped(x, n[0]) + (int)n[0] * (clamped(y, n[1]) + (int)n[1] * clamped(z, n[2]))];
}
/* D of all pairs, less the least; returns their mean */
static double patches(double *d, const double *v, const size_t *n, const ptrdiff_t *p, int radius,
    int dilation) {
    static const int axis[3][2] = {{0, 1}, {0, 2}, {1, 2}};
    const int pairs = n[2] > 1 ? 12 : 4, deep = n[2] > 1 ? radius : 0;
    double least = HUGE_VAL, sum = 0;
    int k, x, y, z;
    for (k = 0; k < pairs; k++) {
        ptrdiff_t a[3] = {0}, b[3] = {0};
        a[axis[k / 4][0]] = k & 2 ? -dilation : dilation;
        b[axis[k / 4][1]] = k & 1 ? -dilation : dilation;
        for (d[k] = 0, z = -deep; z <= deep; z++)
            for (y = -radius; y <= radius; y++)
                for (x = -radius; x <= radius; x++)
                    d[k] += pow(voxel(v, n, p[0] + a[0] + x, p[1] + a[1] + y, p[2] + a[2] + z) -
                            voxel(v, n, p[0] + b[0] + x, p[1] + b[1] + y, p[2] + b[2] + z), 2);
        if (!(d[k] >= least)) least = d[k];
        sum += d[k];
    }
    for (k = 0; k < pairs; k++) d[k] -= least;
    return sum != sum ? NAN : sum / pairs - least;
}
static void mind_of(mv_dtype type, size_t nx, size_t ny, size_t nz, int radius, int dilation, int hole) {
    static double v[MOST];
    static float f[MOST];
    static uint8_t u[MOST];
    const size_t n[3] = {nx, ny, nz}, all = nx * ny * nz;
    const int pairs = nz > 1 ? 12 : 4, bits = nz > 1 ? 5 : 15;
    const int r = radius ? radius : 1, dil = dilation ? dilation : 2;
    mv_mind_opt o = {0};
    mv_volume src, words = {0}, m = {0};
    double mean = 0, count = 0, d[12];
    size_t i, bad = 0, set = 0;
    ptrdiff_t p[3];
    int k, j;
    t_seed(nx * 100 + ny * 10 + nz);
    for (i = 0; i < all; i++) {
        const double x = (double)(i % nx), y = (double)(i / nx % ny);
        v[i] = floor(100 + 50 * sin(0.7 * x + 0.2 * y) + t_uniform(0, 60));
        f[i] = (float)(v[i]), u[i] = (uint8_t)v[i];
        if (type == MEDVOL_U8) v[i] = 1e30 * v[i] - 5;
    }
    if (hole) f[all / 2] = (float)NAN, v[all / 2] = NAN;
    CHECK_OK(
        mv_volume_wrap(T, &src, type == MEDVOL_U8 ? (void *)u : (void *)f, type, nz > 1 ? 3 : 2, n, NULL));
    if (type == MEDVOL_U8) src.slope = 1e30, src.inter = -5;
    src.affine[0] = 2, src.affine[3] = 7;
    o.radius = radius, o.dilation = dilation;
    CHECK_OK(mv_mind_ssc(T, &words, &src, &o));
    o.channels = 1;
    CHECK_OK(mv_mind_ssc(T, &m, &src, &o));
    if (!words.data || !m.data) return;
    CHECK(words.dtype == MEDVOL_U64 && words.ndim == src.ndim && !memcmp(words.affine, src.affine, 96));
    CHECK(m.ndim == 5 && m.dim[4] == (size_t)pairs && m.dim[2] == nz && m.dim[3] == 1);
    for (p[2] = nz / 2 < 4 ? (ptrdiff_t)nz / 2 : 4; p[2] < (ptrdiff_t)nz; p[2] += 8)
        for (p[1] = ny / 2 < 4 ? (ptrdiff_t)ny / 2 : 4; p[1] < (ptrdiff_t)ny; p[1] += 8)
            for (p[0] = 0; p[0] < (ptrdiff_t)nx; p[0]++) {
                const double e = patches(d, v, n, p, r, dil);
                if (e == e) mean += e, count++;
            }
    mean = count > 0 ? mean / count : 0;
    for (i = 0; i < all; i++) {
        const uint64_t word = ((const uint64_t *)words.data)[i];
        double e;
        p[0] = (ptrdiff_t)(i % nx), p[1] = (ptrdiff_t)(i / nx % ny), p[2] = (ptrdiff_t)(i / nx / ny);
        e = patches(d, v, n, p, r, dil);
        bad += (word & 0xc0000000c0000000u) != 0;
        if (e != e) bad += word != 0;
        e = e < 0.001 * mean ? 0.001 * mean : e > 1000 * mean ? 1000 * mean : e;
        for (k = 0; k < pairs; k++) {
            const double want = e != e ? 0 : d[k] > 0 ? exp(-d[k] / e) : 1;
            const int first = k < pairs / 2 ? bits * k : 32 + bits * (k - pairs / 2);
            bad += !(fabs(want - (double)((const float *)m.data)[(size_t)k * all + i]) < 2e-5);
            for (j = 0; j < bits && e == e; j++) {
                const double limit = (j + 0.5) / bits;
                const int is = word >> (first + j) & 1;
                set += (size_t)is;
                bad += fabs(want - limit) > 1e-4 && is != (want >= limit);
            }
        }
    }
    CHECK(bad == 0);
    CHECK(set > 0);
    mv_volume_free(T, &words), mv_volume_free(T, &m);
}
static void formula(void) {
    mind_of(MEDVOL_F32, 13, 12, 11, 0, 0, 0);
    mind_of(MEDVOL_F32, 19, 9, 5, 1, 1, 1);
    mind_of(MEDVOL_U8, 9, 10, 3, 2, 3, 0);
    mind_of(MEDVOL_F32, 5, 3, 2, 3, 4, 0);
    mind_of(MEDVOL_F32, 37, 21, 1, 0, 0, 1);
    mind_of(MEDVOL_U8, 18, 33, 1, 3, 4, 0);
    mind_of(MEDVOL_F32, 1, 1, 1, 0, 0, 0);
    mind_of(MEDVOL_F32, 1, 9, 1, 2, 2, 0);
}
static uint32_t crc_of(const mv_volume *v) {
    return t_crc32(0, v->data, mv_volume_count(v) * mv_dtype_size(v->dtype));
}
static void plain(void) { /* constants, bits at every level, in place, refusals */
    static float f[18 * 11 * 9];
    static const size_t n[4] = {18, 11, 9, 1}, four[4] = {6, 11, 9, 3};
    mv_volume src, a = {0}, b = {0}, odd;
    mv_mind_opt o = {0};
    size_t i;
    CHECK_OK(mv_volume_wrap(T, &src, f, MEDVOL_F32, 3, n, NULL));
    memset(f, 0, sizeof f);
    CHECK_OK(mv_mind_ssc(T, &a, &src, NULL));
    for (i = 0; a.data && i < mv_volume_count(&a); i++)
        CHECK(((uint64_t *)a.data)[i] == 0x3fffffff3fffffffu);
    t_seed(3);
    for (i = 0; i < mv_volume_count(&src); i++) f[i] = (float)t_uniform(-5, 9);
    CHECK_OK(mv_mind_ssc(T, &a, &src, NULL)); /* into what is there */
    mv_level_force(1);
    CHECK_OK(mv_mind_ssc(T_NONE, &b, &src, NULL));
    mv_level_force(t_level);
    CHECK(a.data && b.data && crc_of(&a) == crc_of(&b));
    mv_volume_free(T_NONE, &b);
    for (i = 0; i < mv_volume_count(&src); i++) f[i] = 1000 - 3 * f[i]; /* inverted: the same */
    CHECK_OK(mv_mind_ssc(T, &b, &src, NULL));
    for (i = 0, o.radius = 0; a.data && b.data && i < mv_volume_count(&a); i++)
        o.radius += ((uint64_t *)a.data)[i] != ((uint64_t *)b.data)[i]; /* but for rounding */
    CHECK(o.radius < 8);
    mv_volume_free(T, &b);
    CHECK_OK(mv_volume_copy(T, &b, &src));
    CHECK_OK(mv_mind_ssc(T, &b, &b, NULL));
    CHECK(b.dtype == MEDVOL_U64);
    for (i = 0; i < mv_volume_count(&src); i++) f[i] = (float)NAN;
    CHECK_OK(mv_mind_ssc(T, &a, &src, NULL));
    for (i = 0; a.data && i < mv_volume_count(&a); i++) CHECK(((uint64_t *)a.data)[i] == 0);
    o.radius = 4;
    CHECK_STATUS(mv_mind_ssc(T, &a, &src, &o), MEDVOL_E_RANGE);
    o.radius = 1, o.dilation = -1;
    CHECK_STATUS(mv_mind_ssc(T, &a, &src, &o), MEDVOL_E_RANGE);
    o.dilation = 1, o.channels = 1;
    CHECK_STATUS(mv_mind_ssc(T, &a, &src, &o), MEDVOL_E_DTYPE);
    CHECK_STATUS(mv_mind_ssc(T, NULL, &src, NULL), MEDVOL_E_NULL);
    CHECK_STATUS(mv_mind_ssc(T, &a, NULL, NULL), MEDVOL_E_NULL);
    CHECK_OK(mv_volume_wrap(T, &odd, f, MEDVOL_F32, 4, four, NULL));
    CHECK_STATUS(mv_mind_ssc(T, &a, &odd, NULL), MEDVOL_E_SHAPE);
    CHECK_OK(mv_volume_wrap(T, &odd, f, MEDVOL_C64, 2, n, NULL));
    CHECK_STATUS(mv_mind_ssc(T, &a, &odd, NULL), MEDVOL_E_DTYPE);
    mv_volume_free(T, &a), mv_volume_free(T, &b);
}

/* ---- trying everything ---- */
enum { CELLS = 5 * 4 * 4 };
static unsigned differ(uint64_t a, uint64_t b) {
    unsigned s = 0;
    for (a ^= b; a; a &= a - 1) s++;
    return s;
}
/* A field by its definition, at control points: cells of 3 voxels, so that these are voxels. */
static void tried(int flat, int masked, int reach, int rounds, double weight, double *spread) {
    static float f[15 * 12 * 12], m[15 * 12 * 12];
    static uint8_t mask[15 * 12 * 12];
    static double cost[CELLS][125];
    const size_t n[3] = {15, 12, flat ? 1 : 12}, c[3] = {5, 4, flat ? 1 : 4}, all = n[0] * n[1] * n[2];
    const size_t points = c[0] * c[1] * c[2];
    const int wide = 2 * reach + 1, labels = wide * wide * (flat ? 1 : wide);
    const uint64_t unknown = flat ? 0x003f807f003f807fu : 0x06318c6306318c63u;
    double v[CELLS][3] = {{0}}, t[CELLS][3], still = 0, best = 0, counted = 0;
    mv_volume fixed, moving, weights, wf = {0}, wm = {0}, field = {0};
    mv_register_search_opt o = {0};
    mv_register_report rep;
    size_t i, p;
    int k, l, round;
    t_seed(11 + (uint64_t)flat);
    for (i = 0; i < all; i++) {
        f[i] = (float)t_uniform(0, 9);
        mask[i] = (uint8_t)(masked && i % 7 < 3 ? 0 : 1);
        counted += mask[i];
    }
    for (i = 0; i < all; i++) m[i] = f[(i + 1 + n[0]) % all] + (float)t_uniform(0, 1);
    CHECK_OK(mv_volume_wrap(T, &fixed, f, MEDVOL_F32, flat ? 2 : 3, n, NULL));
    CHECK_OK(mv_volume_wrap(T, &moving, m, MEDVOL_F32, flat ? 2 : 3, n, NULL));
    CHECK_OK(mv_volume_wrap(T, &weights, mask, MEDVOL_U8, flat ? 2 : 3, n, NULL));
    CHECK_OK(mv_mind_ssc(T, &wf, &fixed, NULL));
    CHECK_OK(mv_mind_ssc(T, &wm, &moving, NULL));
    o.grid = 3, o.search = reach, o.weight = weight, o.control.levels = 1, o.control.iterations = rounds;
    o.control.report = &rep;
    if (masked) o.fixed_mask = &weights;
    CHECK_OK(mv_register_search(T, &field, &fixed, &moving, &o));
    if (!field.data || !wf.data || !wm.data) return;
    for (p = 0; p < points; p++)
        for (l = 0; l < labels; l++) {
            const ptrdiff_t d[3] = {l % wide - reach, l / wide % wide - reach,
                flat ? 0 : l / wide / wide - reach};
            for (cost[p][l] = 0, i = 0; i < 27; i++) {
                const size_t x = p % c[0] * 3 + i % 3, y = p / c[0] % c[1] * 3 + i / 3 % 3;
                const size_t z = flat ? i / 9 : p / c[0] / c[1] * 3 + i / 9, at = x + n[0] * (y + n[1] * z);
                const ptrdiff_t q[3] = {(ptrdiff_t)x + d[0], (ptrdiff_t)y + d[1], (ptrdiff_t)z + d[2]};
                const int in = q[0] >= 0 && q[0] < (ptrdiff_t)n[0] && q[1] >= 0 && q[1] < (ptrdiff_t)n[1] &&
                               q[2] >= 0 && q[2] < (ptrdiff_t)n[2];
                const size_t to = in ? (size_t)q[0] + n[0] * ((size_t)q[1] + n[1] * (size_t)q[2]) : 0;
                if (z >= n[2] || !mask[at]) continue;
                cost[p][l] += differ(((uint64_t *)wf.data)[at], in ? ((uint64_t *)wm.data)[to] : unknown);
            }
            if (l == labels / 2) still += cost[p][l];
        }
    for (round = 0; round < rounds; round++) {
        const double w = weight * pow(3, round) * 60 * (flat ? 9 : 27);
        for (best = 0, p = 0; p < points; p++) {
            double least = HUGE_VAL;
            int which = 0;
            for (l = 0; l < labels; l++) {
                const int d[3] = {l % wide - reach, l / wide % wide - reach,
                    flat ? 0 : l / wide / wide - reach};
                double e = cost[p][l];
                for (k = 0; k < 3; k++) e += w * ((double)d[k] * d[k] - 2 * d[k] * v[p][k]);
                if (e < least - 1e-3) least = e, which = l;
            }
            t[p][0] = which % wide - reach, t[p][1] = which / wide % wide - reach;
            t[p][2] = flat ? 0 : which / wide / wide - reach;
            best += cost[p][which];
        }
        for (p = 0; p < points; p++)
            for (k = 0; k < 3; k++) {
                int x, y, z, deep = flat ? 0 : 1;
                for (v[p][k] = 0, z = -deep; z <= deep; z++)
                    for (y = -1; y <= 1; y++)
                        for (x = -1; x <= 1; x++) {
                            const int at[3] = {clamped((ptrdiff_t)(p % c[0]) + x, c[0]),
                                clamped((ptrdiff_t)(p / c[0] % c[1]) + y, c[1]),
                                clamped((ptrdiff_t)(p / c[0] / c[1]) + z, c[2])};
                            v[p][k] += t[(size_t)at[0] + c[0] * ((size_t)at[1] + c[1] * (size_t)at[2])][k];
                        }
                v[p][k] /= flat ? 9 : 27;
            }
    }
    CHECK_NEAR(rep.first, still / (60 * counted), 1e-12);
    CHECK_NEAR(rep.energy, best / (60 * counted), 1e-12);
    CHECK(rep.iterations[0] == rounds && rep.levels == 1 && rep.stop == MEDVOL_STOP_ITERATIONS);
    for (*spread = 0, p = 0; p < points; p++)
        for (k = 0; k < (flat ? 2 : 3); k++) {
            const size_t at = p % c[0] * 3 + 1 + n[0] * (p / c[0] % c[1] * 3 + 1 +
                                                         n[1] * (flat ? 0 : p / c[0] / c[1] * 3 + 1));
            CHECK_NEAR(((float *)field.data)[(size_t)k * all + at], v[p][k], 1e-5);
            *spread = fmax(*spread, fabs(v[p][k]));
        }
    mv_volume_free(T, &wf), mv_volume_free(T, &wm), mv_volume_free(T, &field);
}
static void everything(void) {
    double spread;
    tried(0, 0, 2, 1, 1e-12, &spread); /* whatever fits best */
    CHECK(spread > 0.5);
    tried(0, 0, 2, 3, 1e5, &spread); /* nothing moves */
    CHECK(spread == 0);
    tried(0, 0, 2, 4, 0.003, &spread);
    CHECK(spread > 0.5);
    tried(0, 1, 1, 3, 0.01, &spread);
    tried(1, 0, 2, 1, 1e-12, &spread);
    tried(1, 1, 2, 5, 0.002, &spread);
    CHECK(spread > 0.3);
}

/* ---- motion ---- */
static double lattice(int x, int y, int z) { /* in 0..1 */
    uint32_t h = (uint32_t)(x & 1023) | (uint32_t)(y & 1023) << 10 | (uint32_t)(z & 1023) << 20;
    uint64_t w = (h + UINT64_C(77)) % 1000003 * UINT64_C(2654435761) % 4294967291u;
    w = (w ^ w >> 13) % 65521 * UINT64_C(40503) % 65536;
    return (double)w / 65536;
}
static double noise(const double *p, double size, int flat) {
    double w[3], s = 0;
    int i[3], k;
    for (k = 0; k < 3; k++) {
        const double x = (flat && k == 2 ? 0 : p[k]) / size + 400;
        i[k] = (int)floor(x);
        w[k] = x - i[k];
        w[k] *= w[k] * (3 - 2 * w[k]);
    }
    for (k = 0; k < 8; k++)
        s += (k & 1 ? w[0] : 1 - w[0]) * (k & 2 ? w[1] : 1 - w[1]) * (k & 4 ? w[2] : 1 - w[2]) *
             lattice(i[0] + (k & 1), i[1] + (k >> 1 & 1), i[2] + (k >> 2));
    return s;
}
enum { NOTHING, SHIFT, WAVE, WIDE = 3 }; /* WIDE: how much larger planes are */
static void moved(int warp, int flat, const double *p, double *u) {
    const double z = flat ? 0 : p[2];
    u[0] = u[1] = u[2] = 0;
    if (warp == SHIFT) u[0] = 20, u[1] = -7, u[2] = 5;
    if (warp == WAVE) {
        u[0] = 9 * sin(0.06 * p[1] + 0.6) + 2 * cos(0.07 * z), u[1] = 8 * cos(0.055 * p[0] + 0.2);
        u[2] = 6 * sin(0.05 * p[0] + 0.05 * p[1] + 1);
    }
    if (flat) u[2] = 0;
}
typedef struct pair {
    mv_volume fixed, moving;
    int warp, flat;
} pair;
static void grid(double *a, const size_t *dim, const double *s, double turn, int mirror, int flat) {
    const double c = cos(turn), n = sin(turn), t = flat ? 0 : 0.6 * turn;
    const double r[9] = {c, -n * cos(t), n * sin(t), n, c * cos(t), -c * sin(t), 0, sin(t), cos(t)};
    int i, k;
    for (i = 0; i < 3; i++)
        for (k = 0, a[4 * i + 3] = 0; k < 3; k++) {
            a[4 * i + k] = r[3 * i + k] * s[k] * (mirror && k == 0 ? -1 : 1);
            a[4 * i + 3] -= a[4 * i + k] * 0.5 * (double)(dim[k] - 1);
        }
}
static void image(mv_volume *v, const size_t *dim, const double *affine, const pair *p, int fixed,
    int other) {
    size_t i;
    int k;
    CHECK_OK(mv_volume_alloc(T, v, MEDVOL_F32, p->flat ? 2 : 3, dim));
    memcpy(v->affine, affine, sizeof v->affine);
    for (i = 0; i < mv_volume_count(v); i++) {
        double q[3], u[3], s;
        q[0] = (double)(i % dim[0]), q[1] = (double)(i / dim[0] % dim[1]);
        q[2] = p->flat ? 0 : (double)(i / dim[0] / dim[1]);
        mv_affine_apply(q, affine, q);
        moved(fixed ? p->warp : NOTHING, p->flat, q, u);
        for (k = 0; k < 3; k++) q[k] += u[k];
        s = noise(q, 6, p->flat) + 0.5 * noise(q, 11, p->flat);
        if (other) s = exp(-1.4 * s) * (1 + 0.004 * q[0]); /* inverted, bent, shaded */
        ((float *)v->data)[i] = (float)(200 * s + t_uniform(-3, 3));
    }
}
static const size_t few[3] = {60, 56, 52}, others[3] = {54, 62, 58};
static void pair_make(pair *p, int warp, int flat, int same, int other) {
    static const double even[3] = {1, 1, 1}, uneven[3] = {1.1, 0.9, 1.7}, less[3] = {0.95, 1.2, 1.1};
    const size_t wide = flat ? WIDE : 1, one[3] = {wide * few[0], wide * few[1], flat ? 1 : few[2]};
    const size_t two[3] = {wide * others[0], wide * others[1], flat ? 1 : others[2]};
    double a[12], b[12];
    memset(p, 0, sizeof *p);
    t_seed(5);
    p->warp = warp, p->flat = flat;
    grid(a, one, same ? even : uneven, same ? 0 : 0.3, !same, flat);
    grid(b, two, less, -0.2, 0, flat);
    image(&p->fixed, one, a, p, 1, 0);
    image(&p->moving, same ? one : two, same ? a : b, p, 0, other);
}
static void pair_free(pair *p) { mv_volume_free(T, &p->fixed), mv_volume_free(T, &p->moving); }
/* mean distance from the truth in mm where what is seen lies in both images, 6 mm off their borders; 95 % are
   nearer than *most */
static double error_of(const pair *p, const mv_volume *field, double *most) {
    static double all[60 * 56 * 52];
    const size_t n = mv_volume_count(&p->fixed);
    double back[12], s = 0, low, high;
    size_t i, count = 0;
    int k, turn;
    CHECK_OK(mv_affine_invert(back, p->moving.affine));
    for (i = 0; i < n && field->data; i++) {
        double q[3], t[3], v[3], e = 0;
        int in = 1;
        q[0] = (double)(i % p->fixed.dim[0]), q[1] = (double)(i / p->fixed.dim[0] % p->fixed.dim[1]);
        q[2] = p->flat ? 0 : (double)(i / p->fixed.dim[0] / p->fixed.dim[1]);
        for (k = 0; k < (p->flat ? 2 : 3); k++) in = in && q[k] >= 5 && q[k] <= (double)p->fixed.dim[k] - 6;
        mv_affine_apply(q, p->fixed.affine, q);
        moved(p->warp, p->flat, q, t);
        for (k = 0; k < 3; k++) v[k] = q[k] + t[k];
        mv_affine_apply(v, back, v);
        for (k = 0; k < (p->flat ? 2 : 3); k++) {
            in = in && v[k] >= 6 && v[k] <= (double)p->moving.dim[k] - 7;
            e += pow((double)((float *)field->data)[(size_t)k * n + i] - t[k], 2);
        }
        if (in) s += all[count++] = sqrt(e);
    }
    for (low = 0, high = 100, turn = 0; turn < 40; turn++) {
        const double mid = 0.5 * (low + high);
        size_t under = 0;
        for (i = 0; i < count; i++) under += all[i] < mid;
        if ((double)under < 0.95 * (double)count) low = mid;
        else high = mid;
    }
    *most = high;
    return count > 1000 ? s / (double)count : NAN;
}
/* by search; from there by mv_register_lncc, which on its own does not find there */
static void found(int warp, int other, const mv_register_search_opt *o, double mean, double most) {
    mv_volume field = {0}, shown = {0}, more = {0}, sum = {0};
    mv_transform chain[2];
    double e, p95;
    pair p;
    pair_make(&p, warp, 0, 1, other);
    CHECK_OK(mv_register_search(T, &field, &p.fixed, &p.moving, o));
    e = error_of(&p, &field, &p95);
    CHECK(e < mean && p95 < most);
    memset(chain, 0, sizeof chain);
    chain[0].kind = chain[1].kind = MEDVOL_TRANSFORM_FIELD;
    chain[0].field = &field;
    CHECK_OK(mv_warp(T, &shown, &p.moving, &p.fixed, chain, 1, NULL));
    CHECK_OK(mv_register_lncc(T, &more, &p.fixed, &shown, NULL));
    chain[0].field = &more, chain[1].field = &field;
    CHECK_OK(mv_transform_field(T, &sum, &p.fixed, chain, 2));
    e = error_of(&p, &sum, &p95);
    CHECK(e < 0.3);
    mv_volume_free(T, &sum);
    CHECK_OK(mv_register_lncc(T, &sum, &p.fixed, &p.moving, NULL));
    e = error_of(&p, &sum, &p95);
    CHECK(e > 2);
    mv_volume_free(T, &field), mv_volume_free(T, &shown), mv_volume_free(T, &more), mv_volume_free(T, &sum);
    pair_free(&p);
}
static void shift(void) {
    mv_register_search_opt o = {0};
    o.search = 12; /* of 2 voxels: two levels */
    found(SHIFT, 0, &o, 0.5, 1.7);
    found(SHIFT, 1, &o, 0.5, 1.7);
}
static void wave(void) {
    mv_register_search_opt o = {0};
    found(WAVE, 0, NULL, 0.5, 1.2);
    found(WAVE, 1, NULL, 0.5, 1.2);
    o.symmetric = 1;
    found(WAVE, 1, &o, 0.6, 1.5);
}
static double apart(const mv_volume *a, const mv_volume *b, double *mean) { /* NULL: 0; NaN when one is */
    double most = 0, sum = 0;
    size_t i;
    for (i = 0; i < mv_volume_count(a); i++) {
        const double d = (double)((float *)a->data)[i] - (b ? (double)((float *)b->data)[i] : 0);
        if (d != d) return NAN;
        most = fmax(most, fabs(d)), sum += fabs(d);
    }
    if (mean) *mean = sum / (double)mv_volume_count(a);
    return most;
}
static void world(void) { /* oblique, uneven, mirrored grids, a start between two worlds */
    mv_register_search_opt o = {0};
    mv_volume field = {0};
    double start[12] = {0, -1, 0, 30, 1, 0, 0, -50, 0, 0, 1, 8}, b[12], e, p95;
    pair p;
    int flat;
    for (flat = 0; flat < 2; flat++) {
        pair_make(&p, WAVE, flat, 0, 1);
        memcpy(b, p.moving.affine, sizeof b);
        if (flat) start[11] = 0;
        mv_affine_mul(p.moving.affine, start, b);
        o.start = start;
        CHECK_OK(mv_register_search(T, &field, &p.fixed, &p.moving, &o));
        memcpy(p.moving.affine, b, sizeof b);
        e = error_of(&p, &field, &p95);
        CHECK(e < (flat ? 1.5 : 0.6)); /* in the plane some of the borders go astray */
        CHECK(field.ndim == 5 && field.dim[4] == (size_t)(flat ? 2 : 3) && field.dim[0] == p.fixed.dim[0]);
        CHECK(!memcmp(field.affine, p.fixed.affine, sizeof field.affine));
        mv_volume_free(T, &field);
        pair_free(&p);
    }
}
static void plane(void) {
    mv_register_search_opt o = {0};
    mv_volume field = {0};
    double e, p95;
    pair p;
    int other, turn;
    for (turn = 0; turn < 4; turn++) {
        other = turn % 2;
        pair_make(&p, turn < 2 ? SHIFT : WAVE, 1, 1, other);
        o.symmetric = turn == 3;
        CHECK_OK(mv_register_search(T, &field, &p.fixed, &p.moving, &o));
        e = error_of(&p, &field, &p95);
        CHECK(e < 0.7 && p95 < 1.6);
        mv_volume_free(T, &field);
        pair_free(&p);
    }
}
static void rest(void) { /* an image and itself; on another grid of the same world */
    mv_register_search_opt o = {0};
    mv_register_report rep;
    mv_volume field = {0};
    pair p;
    pair_make(&p, NOTHING, 0, 1, 0);
    o.control.report = &rep;
    for (o.symmetric = 0; o.symmetric < 2; o.symmetric++) {
        CHECK_OK(mv_register_search(T, &field, &p.fixed, &p.fixed, &o));
        CHECK(apart(&field, NULL, NULL) == 0);
        CHECK(rep.first == 0 && rep.energy == 0 && rep.update == 0 && rep.folded == 0 && rep.levels == 2);
    }
    mv_volume_free(T, &field);
    pair_free(&p);
}
static void folds(void) { /* of images without anything in common, after a single round: some voxels do */
    mv_register_search_opt o = {0};
    mv_jacobian_opt strict = {0};
    mv_jacobian_stats s;
    mv_register_report rep;
    mv_volume field = {0};
    size_t i;
    pair p;
    pair_make(&p, NOTHING, 0, 0, 0);
    for (i = 0; i < mv_volume_count(&p.moving); i++) ((float *)p.moving.data)[i] = (float)t_uniform(0, 300);
    o.control.levels = o.control.iterations = 1, o.control.report = &rep;
    strict.strict = 1;
    CHECK_OK(mv_register_search(T, &field, &p.fixed, &p.moving, &o));
    CHECK_OK(mv_field_jacobian(T, NULL, &s, &field, &strict));
    CHECK(rep.folded > 0 && rep.folded == s.folded);
    mv_volume_free(T, &field);
    pair_free(&p);
}
static void bits(void) { /* one level: the same at every level of SIMD; more: the same with any threads */
    mv_register_search_opt o = {0};
    mv_volume a = {0}, b = {0};
    double mean = 1;
    pair p;
    int levels;
    pair_make(&p, SHIFT, 0, 0, 0);
    o.symmetric = 1, o.search = 3;
    for (levels = 1; levels < 3; levels++) {
        o.control.levels = levels;
        o.symmetric = levels == 1;
        CHECK_OK(mv_register_search(T, &a, &p.fixed, &p.moving, &o));
        CHECK_OK(mv_volume_copy(T, &b, &a));
        CHECK_OK(mv_register_search(T_NONE, &b, &p.fixed, &p.moving, &o));
        CHECK(a.data && b.data && crc_of(&a) == crc_of(&b));
        mv_level_force(1);
        CHECK_OK(mv_register_search(T_NONE, &b, &p.fixed, &p.moving, &o));
        mv_level_force(t_level);
        if (levels == 1) CHECK(a.data && b.data && crc_of(&a) == crc_of(&b));
        CHECK(apart(&a, &b, &mean) < 8 && mean < 0.02);
    }
    mv_volume_free(T, &a), mv_volume_free(T, &b);
    pair_free(&p);
}
/* what the mask leaves out does not matter; holes are the same as a mask; a hole of the moving image */
static void masks(void) {
    mv_register_search_opt o = {0};
    mv_volume a = {0}, b = {0}, mask = {0};
    double mean, e, p95;
    size_t i;
    pair p;
    pair_make(&p, SHIFT, 0, 1, 0);
    CHECK_OK(mv_volume_alloc(T, &mask, MEDVOL_U8, 3, few));
    for (i = 0; i < mv_volume_count(&mask); i++)
        ((uint8_t *)mask.data)[i] = i % few[0] > 25 && i % few[0] < 45 && i / few[0] % few[1] > 30 ? 0 : 3;
    o.fixed_mask = &mask;
    o.control.levels = 1, o.search = 3;
    CHECK_OK(mv_register_search(T, &a, &p.fixed, &p.moving, &o));
    for (i = 0; i < mv_volume_count(&mask); i++)
        if (i % few[0] > 29 && i % few[0] < 41 && i / few[0] % few[1] > 34)
            ((float *)p.fixed.data)[i] = (float)t_uniform(0, 300);
    CHECK_OK(mv_register_search(T, &b, &p.fixed, &p.moving, &o));
    CHECK(apart(&a, &b, NULL) == 0);
    o.fixed_mask = NULL;
    CHECK_OK(mv_register_search(T, &b, &p.fixed, &p.moving, &o));
    CHECK(apart(&a, &b, NULL) > 0.1);
    for (i = 0; i < mv_volume_count(&mask); i++) {
        if (i % few[0] > 29 && i % few[0] < 41 && i / few[0] % few[1] > 34) ((float *)p.fixed.data)[i] = NAN;
        if (i % few[0] < 12 && i / few[0] % few[1] < 16) ((float *)p.moving.data)[i] = NAN;
    }
    o.control.levels = 0, o.search = 12;
    CHECK_OK(mv_register_search(T, &b, &p.fixed, &p.moving, &o));
    CHECK(apart(&b, NULL, &mean) < 60);
    e = error_of(&p, &b, &p95);
    CHECK(e < 1.6);
    mv_volume_free(T, &a), mv_volume_free(T, &b), mv_volume_free(T, &mask);
    pair_free(&p);
}
typedef struct told {
    int steps, end, calls, stop;
    double last, total;
} told;
static int tell_step(void *user, const mv_register_step *s) {
    told *t = (told *)user;
    CHECK(s->energy > 0 && s->update >= 0 && s->level >= 0 && s->iteration > 0);
    return ++t->steps == t->end;
}
static int tell_progress(void *user, double done, double total, const char *label) {
    told *t = (told *)user;
    if (strcmp(label, "register_search") != 0) return 0; /* of pyramids */
    CHECK(done > t->last && done <= total);
    t->last = done, t->total = total;
    return ++t->calls == t->stop;
}
static void control(void) {
    mv_register_search_opt o = {0};
    mv_register_report rep;
    mv_volume field = {0};
    told t;
    pair p;
    int i;
    pair_make(&p, SHIFT, 0, 1, 0);
    memset(&t, 0, sizeof t);
    o.search = 2, o.refine = 1;
    o.control.levels = 2, o.control.iterations = 3, o.control.report = &rep;
    o.control.step = tell_step, o.control.user = &t;
    T->desc.progress = tell_progress, T->desc.progress_user = &t;
    CHECK_OK(mv_register_search(T, &field, &p.fixed, &p.moving, &o));
    CHECK(t.steps == 6 && t.last == t.total && t.calls == 10);
    CHECK(rep.levels == 2 && rep.level == 0 && rep.iterations[0] == 3 && rep.iterations[1] == 3);
    CHECK(rep.energy > 0 && rep.energy < rep.first && rep.update > 0);
    mv_volume_free(T, &field);
    memset(&t, 0, sizeof t);
    t.end = 2;
    CHECK_OK(mv_register_search(T, &field, &p.fixed, &p.moving, &o));
    CHECK(rep.stop == MEDVOL_STOP_CALLER && rep.level == 1 && t.steps == 2 && apart(&field, NULL, NULL) > 0);
    mv_volume_free(T, &field);
    for (i = 1; i <= 10; i++) {
        memset(&t, 0, sizeof t);
        t.stop = i;
        CHECK_STATUS(mv_register_search(T, &field, &p.fixed, &p.moving, &o), MEDVOL_E_CANCELLED);
        CHECK(!field.data);
    }
    T->desc.progress = NULL;
    memset(&t, 0, sizeof t);
    o.control.seconds = 1e-9;
    CHECK_OK(mv_register_search(T, &field, &p.fixed, &p.moving, &o));
    CHECK(rep.stop == MEDVOL_STOP_TIME && t.steps == 1);
    mv_volume_free(T, &field);
    pair_free(&p);
}
static void refused_images(const mv_volume *fixed, const mv_volume *moving, mv_status want) {
    mv_volume field = {0};
    CHECK_STATUS(mv_register_search(T, &field, fixed, moving, NULL), want);
    CHECK(!field.data);
}
#define REFUSE(member, value, status)                                                                        \
    do {                                                                                                     \
        mv_register_search_opt o = {0};                                                                      \
        o.member = value;                                                                                    \
        CHECK_STATUS(mv_register_search(T, &field, &p.fixed, &p.moving, &o), status);                        \
        CHECK(!field.data);                                                                                  \
    } while (0)
static void refused(void) {
    static const double singular[12] = {1, 0, 0, 0, 2, 0, 0, 0, 0, 0, 1, 0}, nan_map[12] = {NAN};
    static const size_t line[3] = {44, 1, 30}, wrong[5] = {44, 40, 30, 1, 2};
    mv_volume field = {0}, v = {0}, mask = {0};
    pair p;
    pair_make(&p, NOTHING, 0, 1, 0);
    refused_images(NULL, &p.moving, MEDVOL_E_NULL);
    refused_images(&p.fixed, NULL, MEDVOL_E_NULL);
    CHECK_STATUS(mv_register_search(T, NULL, &p.fixed, &p.moving, NULL), MEDVOL_E_NULL);
    REFUSE(start, singular, MEDVOL_E_SINGULAR);
    REFUSE(start, nan_map, MEDVOL_E_RANGE);
    REFUSE(control.levels, 17, MEDVOL_E_RANGE);
    REFUSE(control.iterations, -1, MEDVOL_E_RANGE);
    REFUSE(control.seconds, NAN, MEDVOL_E_RANGE);
    REFUSE(radius, 4, MEDVOL_E_RANGE);
    REFUSE(dilation, 5, MEDVOL_E_RANGE);
    REFUSE(grid, 1, MEDVOL_E_RANGE);
    REFUSE(grid, 9, MEDVOL_E_RANGE);
    REFUSE(search, 17, MEDVOL_E_RANGE);
    REFUSE(refine, -1, MEDVOL_E_RANGE);
    REFUSE(stride, 5, MEDVOL_E_RANGE);
    REFUSE(weight, NAN, MEDVOL_E_RANGE);
    REFUSE(weight, -1, MEDVOL_E_RANGE);
    CHECK_OK(mv_volume_alloc(T, &mask, MEDVOL_U8, 3, others));
    REFUSE(fixed_mask, &mask, MEDVOL_E_SHAPE);
    mv_volume_free(T, &mask);
    CHECK_OK(mv_volume_alloc(T, &mask, MEDVOL_U8, 3, few));
    memset(mask.data, 0, mv_volume_count(&mask));
    REFUSE(fixed_mask, &mask, MEDVOL_E_EMPTY);
    ((uint8_t *)mask.data)[7000] = 1; /* next to nothing: next to nothing moves, and it is a number */
    {
        mv_register_search_opt o = {0};
        o.fixed_mask = &mask;
        CHECK_OK(mv_register_search(T, &field, &p.fixed, &p.moving, &o));
        CHECK(apart(&field, NULL, NULL) < 100);
        mv_volume_free(T, &field);
    }
    mv_volume_free(T, &mask);
    CHECK_OK(mv_volume_alloc(T, &v, MEDVOL_F32, 5, wrong));
    CHECK_STATUS(mv_register_search(T, &v, &p.fixed, &p.moving, NULL), MEDVOL_E_SHAPE);
    mv_volume_free(T, &v);
    CHECK_OK(mv_volume_alloc(T, &v, MEDVOL_F32, 3, line));
    memset(v.data, 0, mv_volume_count(&v) * 4);
    refused_images(&v, &p.moving, MEDVOL_E_SIZE);
    mv_volume_free(T, &v);
    CHECK_OK(mv_volume_alloc(T, &v, MEDVOL_C64, 3, few));
    refused_images(&v, &p.moving, MEDVOL_E_DTYPE);
    mv_volume_free(T, &v);
    CHECK_OK(mv_volume_alloc(T, &v, MEDVOL_F32, 2, few));
    memset(v.data, 0, mv_volume_count(&v) * 4);
    refused_images(&v, &p.moving, MEDVOL_E_SHAPE); /* a plane and a volume */
    mv_volume_free(T, &v);
    CHECK_OK(mv_volume_alloc(T, &v, MEDVOL_F32, 3, few)); /* constant */
    memcpy(v.affine, p.fixed.affine, sizeof v.affine);
    memset(v.data, 0, mv_volume_count(&v) * 4);
    refused_images(&v, &p.fixed, MEDVOL_E_SINGULAR);
    v.affine[3] += 1e4; /* nothing of one lies in the other: nothing moves */
    ((float *)v.data)[5000] = 7;
    CHECK_OK(mv_register_search(T, &field, &p.fixed, &v, NULL));
    CHECK(apart(&field, NULL, NULL) == 0);
    mv_volume_free(T, &field), mv_volume_free(T, &v);
    CHECK_STATUS(mv_register_search(T, &p.fixed, &p.fixed, &p.fixed, NULL), MEDVOL_E_ALIAS);
    pair_free(&p);
}
const t_case tests_mind[] = {{"formula", formula, 0}, {"plain", plain, 0}, {"everything", everything, 0},
    {"shift", shift, T_ONCE}, {"wave", wave, T_ONCE}, {"world", world, T_ONCE}, {"plane", plane, 0},
    {"rest", rest, 0}, {"folds", folds, T_ONCE},
    {"bits", bits, 0}, {"masks", masks, T_ONCE}, {"control", control, 0},
    {"refused", refused, T_ONCE}, {0}};
