/* test_flow.c - dense flow: textures known at every point of the world, so that warped images are exact and
   so is the truth. */
#include "test.h"

/* where a point of the fixed image lies in the moving one's world: at p + u(p) */
typedef struct motion {
    double shift[3], turn, stretch[4], wave, unit; /* unit: mm of a voxel of the texture */
    int flat, channel;
} motion;
static void move_at(const motion *m, const double *p, double *u) {
    const double c = cos(m->turn), s = sin(m->turn), q = 0.05 / m->unit;
    int k;
    u[0] = m->shift[0] + (c - 1) * p[0] - s * p[1] + m->wave * m->unit * sin(q * 1.3 * p[1] + 0.4) *
        cos(q * p[0]);
    u[1] = m->shift[1] + s * p[0] + (c - 1) * p[1] + m->wave * m->unit * cos(q * 1.1 * p[0]) *
        sin(q * 1.2 * p[1] + 1);
    for (k = 0; k < 4; k++) u[k / 2] += m->stretch[k] * p[k % 2];
    u[2] = m->flat ? 0 : m->shift[2] + m->wave * m->unit * sin(q * p[0] + 0.5) * cos(q * p[2]);
}
static double texture(const motion *m, const double *p) {
    const double x = p[0] / m->unit, y = p[1] / m->unit, z = m->flat ? 0 : p[2] / m->unit;
    const double a = sin(0.61 * x + 0.6 * sin(0.13 * y + 0.2 * z)),
        b = sin(0.57 * y + 0.7 * cos(0.11 * x - 0.1 * z));
    if (m->channel == 1) return 120 + 60 * a;
    if (m->channel == 2) return 120 + 60 * b;
    return 120 + 45 * a * b + 30 * sin(0.23 * x + 0.31 * y + 0.27 * z) + 20 *
        cos(0.4 * x - 0.19 * y + 0.5 * z) +
           15 * cos(0.9 * x + 0.3 * z) * sin(0.8 * y - 0.4 * z);
}
static double seen(const motion *m, const mv_volume *v, size_t i, int moving) {
    double x[3], p[3], u[3];
    int k;
    x[0] = (double)(i % v->dim[0]), x[1] = (double)(i / v->dim[0] % v->dim[1]);
    x[2] = (double)(i / v->dim[0] / v->dim[1] % v->dim[2]);
    mv_affine_apply(p, v->affine, x);
    move_at(m, p, u);
    for (k = 0; k < 3 && !moving; k++) p[k] += u[k];
    return texture(m, p);
}
static void image(mv_volume *v, mv_dtype type, size_t nx, size_t ny, size_t nz, const double *affine,
                  const motion *m,
                  int moving) {
    const size_t dim[3] = {nx, ny, nz};
    size_t i;
    CHECK_OK(mv_volume_alloc(T, v, type, nz > 1 ? 3 : 2, dim));
    if (affine) memcpy(v->affine, affine, sizeof v->affine);
    for (i = 0; i < mv_volume_count(v); i++) {
        const double f = seen(m, v, i, moving);
        if (type == MEDVOL_U8) ((uint8_t *)v->data)[i] = (uint8_t)floor(f + 0.5);
        else if (type == MEDVOL_U16) ((uint16_t *)v->data)[i] = (uint16_t)floor(f + 0.5);
        else ((float *)v->data)[i] = (float)f;
    }
}
/* mean error in voxels, away from the borders by `edge` */
static double error_of(const motion *m, const mv_volume *field, size_t edge, double *worst) {
    const size_t n = field->dim[0] * field->dim[1] * field->dim[2], *dim = field->dim;
    double sum = 0;
    size_t i, count = 0;
    *worst = 0;
    for (i = 0; i < n; i++) {
        const size_t at[3] = {i % dim[0], i / dim[0] % dim[1], i / dim[0] / dim[1]};
        double x[3], p[3], u[3], d = 0;
        int k, in = 1;
        for (k = 0; k < 3; k++) {
            x[k] = (double)at[k];
            in = in && (dim[k] == 1 || (at[k] >= edge && at[k] + edge < dim[k]));
        }
        if (!in) continue;
        mv_affine_apply(p, field->affine, x);
        move_at(m, p, u);
        for (k = 0; k < (int)dim[4] && k < 3; k++) {
            const double e = (double)((const float *)field->data)[(size_t)k * n + i] - u[k];
            d += e * e;
        }
        sum += sqrt(d) / m->unit, count++;
        *worst = fmax(*worst, sqrt(d) / m->unit);
    }
    return sum / (double)count;
}
static void still(motion *m, int flat) {
    memset(m, 0, sizeof *m);
    m->flat = flat, m->unit = 1;
}
static int sane(const mv_volume *field, double most) {
    size_t i;
    for (i = 0; i < mv_volume_count(field); i++)
        if (!(fabs((double)((const float *)field->data)[i]) <= most)) return 0;
    return 1;
}
/* bits of a case must not depend on threads; values hardly on levels */
enum { KEPT = 20, FLOATS = 2 * 160 * 130 };
static void agree(int which, const mv_volume *field) {
    static struct {
        uint32_t crc[5];
        float first[FLOATS];
        size_t count;
    } seen_of[KEPT];
    const size_t n = mv_volume_count(field);
    const uint32_t crc = t_crc32(0, field->data, n * sizeof(float));
    const float *f = (const float *)field->data;
    double sum = 0;
    size_t i;
    if (seen_of[which].crc[t_level]) CHECK(seen_of[which].crc[t_level] == crc);
    seen_of[which].crc[t_level] = crc;
    if (!CHECK(n <= FLOATS)) return;
    if (!seen_of[which].count) memcpy(seen_of[which].first, f, n * sizeof(float));
    seen_of[which].count = n;
    for (i = 0; i < n; i++) sum += fabs((double)f[i] - (double)seen_of[which].first[i]);
    CHECK(sum < 2e-3 * (double)n);
}
static void recover(const motion *m, mv_flow_method method, mv_flow_preset preset, double most,
                    double worst_of, int which) {
    mv_volume f = {0}, g = {0}, field = {0};
    mv_flow_opt o = {0};
    mv_register_report rep;
    double worst, mean;
    image(&f, MEDVOL_F32, 160, 130, 1, NULL, m, 0);
    image(&g, MEDVOL_F32, 160, 130, 1, NULL, m, 1);
    o.method = method, o.preset = preset, o.control.report = &rep;
    CHECK_OK(mv_flow(T, &field, &f, &g, &o));
    CHECK(field.ndim == 5 && field.dim[3] == 1 && field.dim[4] == 2 && field.dtype == MEDVOL_F32);
    mean = error_of(m, &field, 16, &worst);
    CHECK(mean < most);
    CHECK(worst < worst_of);
    CHECK(rep.levels == 4 && rep.energy >= 0 && rep.energy < 0.1);
    agree(which, &field);
    mv_volume_free(T, &f), mv_volume_free(T, &g), mv_volume_free(T, &field);
}
static void warped(mv_flow_method method, mv_flow_preset preset, const double *most, int which) {
    motion m;
    still(&m, 1);
    m.shift[0] = 2.3, m.shift[1] = -1.7;
    recover(&m, method, preset, most[0], 0.5, which);
    still(&m, 1);
    m.turn = 0.03, m.shift[0] = 2, m.shift[1] = -2.3;
    recover(&m, method, preset, most[1], 0.5, which + 1);
    still(&m, 1);
    m.wave = 2.5;
    recover(&m, method, preset, most[2], 0.9, which + 2);
}
static void warps(void) {
    static const double most[2][3] = {{0.07, 0.07, 0.07}, {0.25, 0.25, 0.25}};
    int preset;
    for (preset = 0; preset < 3; preset++)
        warped(MEDVOL_FLOW_DIS, (mv_flow_preset)preset, most[preset == MEDVOL_FLOW_FAST], 3 * preset);
}
static void same(void) { /* the same image twice; with other noise, too */
    mv_volume f = {0}, field = {0};
    mv_flow_opt o = {0};
    motion m;
    int preset;
    still(&m, 1);
    image(&f, MEDVOL_U8, 90, 75, 1, NULL, &m, 0);
    for (preset = 0; preset < 3; preset++) {
        o.preset = (mv_flow_preset)preset;
        CHECK_OK(mv_flow(T, &field, &f, &f, &o));
        CHECK(sane(&field, 0.02));
        mv_volume_free(T, &field);
    }
    mv_volume_free(T, &f);
}
static void sizes(void) { /* from one voxel on */
    static const size_t some[][2] = {{1, 1}, {1, 5}, {6, 1}, {2, 2}, {7, 9}, {8, 8}, {17, 3}, {9, 33}, {33,
        9},
        {64, 1}, {1, 40}, {16, 16}, {31, 19}};
    mv_flow_opt o = {0};
    motion m;
    size_t i;
    int k;
    still(&m, 1);
    m.shift[0] = 0.7, m.shift[1] = -0.4;
    for (i = 0; i < sizeof some / sizeof *some; i++)
        for (k = 0; k < 6; k++) {
            mv_volume f = {0}, g = {0}, field = {0};
            image(&f, MEDVOL_F32, some[i][0], some[i][1], 1, NULL, &m, 0);
            image(&g, MEDVOL_F32, some[i][0], some[i][1], 1, NULL, &m, 1);
            o.preset = (mv_flow_preset)(k % 3), o.patch = k < 3 ? 0 : 16, o.control.levels = k % 2 ? 5 : 0;
            CHECK_OK(mv_flow(T, &field, &f, &g, &o));
            CHECK(sane(&field, 40));
            if (i == 0) CHECK(sane(&field, 0));
            mv_volume_free(T, &f), mv_volume_free(T, &g), mv_volume_free(T, &field);
        }
}
static void plain(void) { /* nothing to be seen, in both images or in one; numbers that are none */
    mv_volume f = {0}, g = {0}, field = {0};
    double worst;
    motion m;
    size_t i, n;
    still(&m, 1);
    m.wave = 1.5;
    image(&f, MEDVOL_F32, 120, 100, 1, NULL, &m, 0);
    image(&g, MEDVOL_F32, 120, 100, 1, NULL, &m, 1);
    n = mv_volume_count(&f);
    for (i = 0; i < n; i++) { /* a region of its own, single ones, a whole row */
        const size_t x = i % 120, y = i / 120;
        if ((x > 60 && x < 66 && y > 30 && y < 36) || i % 997 == 0) ((float *)f.data)[i] = NAN;
        if (y == 70 || i % 1009 == 0) ((float *)g.data)[i] = i % 2 ? INFINITY : NAN;
    }
    CHECK_OK(mv_flow(T, &field, &f, &g, NULL));
    CHECK(sane(&field, 10));
    CHECK(error_of(&m, &field, 16, &worst) < 0.15);
    mv_volume_free(T, &field);
    for (i = 0; i < n; i++) ((float *)g.data)[i] = 7;
    CHECK_OK(mv_flow(T, &field, &f, &g, NULL));
    CHECK(sane(&field, 120));
    mv_volume_free(T, &field);
    for (i = 0; i < n; i++) ((float *)f.data)[i] = 7;
    CHECK_OK(mv_flow(T, &field, &f, &g, NULL));
    CHECK(sane(&field, 0));
    mv_volume_free(T, &field);
    for (i = 0; i < n; i++) ((float *)f.data)[i] = NAN;
    CHECK_OK(mv_flow(T, &field, &f, &g, NULL));
    CHECK(sane(&field, 0));
    mv_volume_free(T, &f), mv_volume_free(T, &g), mv_volume_free(T, &field);
}
static void types(void) { /* the same values in any type and with any strides */
    static const mv_dtype type[3] = {MEDVOL_U8, MEDVOL_U16, MEDVOL_F32};
    static const ptrdiff_t stride[5] = {1, 90, 8000, 8000, 8003};
    mv_volume f = {0}, g = {0}, field[3] = {{0}, {0}, {0}}, wide;
    float *room = (float *)malloc(sizeof *room * 17000);
    motion m;
    size_t i;
    int k;
    still(&m, 1);
    m.wave = 1.5;
    for (k = 0; k < 3; k++) {
        image(&f, type[k], 85, 70, 1, NULL, &m, 0);
        image(&g, type[k], 85, 70, 1, NULL, &m, 1);
        for (i = 0; i < mv_volume_count(&f) && k == 2; i++) {
            ((float *)f.data)[i] = floorf(((float *)f.data)[i] + 0.5f);
            ((float *)g.data)[i] = floorf(((float *)g.data)[i] + 0.5f);
        }
        CHECK_OK(mv_flow(T, &field[k], &f, &g, NULL));
        if (k < 2) mv_volume_free(T, &f), mv_volume_free(T, &g);
    }
    CHECK(!memcmp(field[0].data, field[1].data, mv_volume_count(&field[0]) * sizeof(float)));
    CHECK(!memcmp(field[0].data, field[2].data, mv_volume_count(&field[0]) * sizeof(float)));
    if (!CHECK(room != NULL)) return;
    CHECK_OK(mv_volume_wrap(T, &wide, room, MEDVOL_F32, 5, field[0].dim, stride));
    CHECK_OK(mv_flow(T, &wide, &f, &g, NULL));
    for (i = 0; i < 85 * 70 * 2; i++)
        if (room[i % 85 + i / 85 % 70 * 90 + i / 5950 * 8003] != ((float *)field[0].data)[i]) break;
    CHECK(i == 85 * 70 * 2);
    free(room);
    for (k = 0; k < 3; k++) mv_volume_free(T, &field[k]);
    mv_volume_free(T, &f), mv_volume_free(T, &g);
}
/* one shows what moves along x, the other what moves along y */
static void channels_by(mv_flow_method method, double most, int which) {
    static const size_t dim[5] = {100, 90, 1, 1, 2};
    mv_volume f = {0}, g = {0}, field = {0};
    mv_flow_opt o = {0};
    double worst;
    motion m;
    size_t i, c;
    still(&m, 1);
    m.shift[0] = 1.4, m.shift[1] = -2.2;
    CHECK_OK(mv_volume_alloc(T, &f, MEDVOL_F32, 5, dim));
    CHECK_OK(mv_volume_alloc(T, &g, MEDVOL_F32, 5, dim));
    for (c = 0; c < 2; c++)
        for (i = 0; i < 9000; i++) {
            m.channel = (int)c + 1;
            ((float *)f.data)[c * 9000 + i] = (float)seen(&m, &f, i, 0);
            ((float *)g.data)[c * 9000 + i] = (float)seen(&m, &g, i, 1);
        }
    o.method = method;
    CHECK_OK(mv_flow(T, &field, &f, &g, &o));
    CHECK(error_of(&m, &field, 16, &worst) < most);
    CHECK(worst < 0.4);
    agree(which, &field);
    mv_volume_free(T, &f), mv_volume_free(T, &g), mv_volume_free(T, &field);
}
static void channels(void) {
    channels_by(MEDVOL_FLOW_DIS, 0.06, 9);
    channels_by(MEDVOL_FLOW_FARNEBACK, 0.1, 19);
}
static void gain(void) { /* shading that differs from place to place */
    mv_volume f = {0}, g = {0}, field = {0};
    mv_flow_opt o = {0};
    double worst, without;
    motion m;
    size_t i;
    still(&m, 1);
    m.wave = 2;
    image(&f, MEDVOL_F32, 140, 120, 1, NULL, &m, 0);
    image(&g, MEDVOL_F32, 140, 120, 1, NULL, &m, 1);
    for (i = 0; i < mv_volume_count(&g); i++) {
        const double x = (double)(i % 140) / 140, y = (double)(i / 140) / 120;
        float *v = (float *)g.data + i;
        *v = (float)((1.7 - 0.5 * x) * (double)*v + 60 * y);
    }
    CHECK_OK(mv_flow(T, &field, &f, &g, NULL));
    without = error_of(&m, &field, 16, &worst);
    mv_volume_free(T, &field);
    o.gain = 1;
    CHECK_OK(mv_flow(T, &field, &f, &g, &o));
    CHECK(error_of(&m, &field, 16, &worst) < 0.08);
    CHECK(error_of(&m, &field, 16, &worst) < 0.7 * without);
    agree(10, &field);
    mv_volume_free(T, &f), mv_volume_free(T, &g), mv_volume_free(T, &field);
}
static void geometry(void) { /* turned, mirrored, other voxels in the moving image */
    static const double a[12] = {0.63, 0.28, 0, -40, 0.28, -0.63, 0, 20, 0, 0, 1, 0},
                        b[12] = {0.6, 0, 0, -60, 0, 0.65, 0, -70, 0, 0, 1, 0};
    mv_volume f = {0}, g = {0}, field = {0}, warped = {0};
    mv_transform by;
    double worst, sum = 0, plain_sum = 0;
    motion m;
    size_t i;
    still(&m, 1);
    m.unit = 0.69, m.shift[0] = 1.2, m.shift[1] = -0.8, m.wave = 1;
    image(&f, MEDVOL_F32, 140, 120, 1, a, &m, 0);
    image(&g, MEDVOL_F32, 210, 200, 1, b, &m, 1);
    CHECK_OK(mv_flow(T, &field, &f, &g, NULL));
    CHECK(!memcmp(field.affine, f.affine, sizeof f.affine));
    CHECK(error_of(&m, &field, 20, &worst) < 0.1);
    memset(&by, 0, sizeof by);
    by.kind = MEDVOL_TRANSFORM_FIELD, by.field = &field;
    CHECK_OK(mv_warp(T, &warped, &g, &f, &by, 1, NULL));
    for (i = 0; i < mv_volume_count(&f); i++) {
        const double d = (double)((float *)f.data)[i] - (double)((float *)warped.data)[i];
        const double e = (double)((float *)f.data)[i] - 120;
        if (i % 140 < 20 || i % 140 >= 120 || i / 140 < 20 || i / 140 >= 100) continue;
        sum += d * d, plain_sum += e * e;
    }
    CHECK(sum < 0.01 * plain_sum);
    mv_volume_free(T, &warped);
    mv_volume_free(T, &f), mv_volume_free(T, &g), mv_volume_free(T, &field);
}
static void start(void) { /* farther than the pyramid sees */
    mv_volume f = {0}, g = {0}, field = {0}, first = {0};
    mv_flow_opt o = {0};
    double worst;
    motion m;
    size_t i;
    still(&m, 1);
    m.shift[0] = 38, m.shift[1] = -29;
    image(&f, MEDVOL_F32, 150, 125, 1, NULL, &m, 0);
    image(&g, MEDVOL_F32, 150, 125, 1, NULL, &m, 1);
    CHECK_OK(mv_flow(T, &first, &f, &g, NULL));
    for (i = 0; i < 150 * 125; i++) {
        ((float *)first.data)[i] = 37.2f, ((float *)first.data)[i + 150 * 125] = -28.3f;
        if (i % 5003 == 9) ((float *)first.data)[i] = NAN;
    }
    o.start = &first;
    CHECK_OK(mv_flow(T, &field, &f, &g, &o));
    CHECK(error_of(&m, &field, 45, &worst) < 0.1);
    CHECK_STATUS(mv_flow(T, &first, &f, &g, &o), MEDVOL_E_ALIAS);
    first.affine[3] = 5;
    CHECK_STATUS(mv_flow(T, &field, &f, &g, &o), MEDVOL_E_SHAPE);
    mv_volume_free(T, &first);
    o.start = &f;
    CHECK_STATUS(mv_flow(T, &field, &f, &g, &o), MEDVOL_E_SHAPE);
    mv_volume_free(T, &f), mv_volume_free(T, &g), mv_volume_free(T, &field);
}
static void solid(void) { /* in space */
    static const double a[12] = {0, -1.5, 0, 30, 1.5, 0, 0, -30, 0, 0, 1.5, -25};
    mv_volume f = {0}, g = {0}, field = {0};
    double worst;
    motion m;
    still(&m, 0);
    m.unit = 1.5, m.shift[0] = 1.5, m.shift[1] = -2, m.shift[2] = 1, m.wave = 0.7;
    image(&f, MEDVOL_F32, 44, 40, 36, a, &m, 0);
    image(&g, MEDVOL_F32, 44, 40, 36, a, &m, 1);
    CHECK_OK(mv_flow(T, &field, &f, &g, NULL));
    CHECK(field.dim[4] == 3 && field.dim[2] == 36);
    CHECK(error_of(&m, &field, 6, &worst) < 0.12);
    mv_volume_free(T, &field);
    CHECK_OK(mv_flow(T, &field, &f, &f, NULL));
    CHECK(sane(&field, 0.02));
    mv_volume_free(T, &f), mv_volume_free(T, &g), mv_volume_free(T, &field);
    image(&f, MEDVOL_F32, 5, 3, 2, NULL, &m, 0);
    image(&g, MEDVOL_F32, 5, 3, 2, NULL, &m, 1);
    CHECK_OK(mv_flow(T, &field, &f, &g, NULL));
    CHECK(sane(&field, 40));
    mv_volume_free(T, &f), mv_volume_free(T, &g), mv_volume_free(T, &field);
}
/* one warp of TV-L1 at one level, in doubles: images of mean 0 and deviation 50 */
enum { OX = 290, OY = 84, ON = OX * OY };
static double o_at(const double *f, ptrdiff_t x, ptrdiff_t y) {
    x = x < 0 ? 0 : x >= OX ? OX - 1 : x;
    y = y < 0 ? 0 : y >= OY ? OY - 1 : y;
    return f[y * OX + x];
}
static void o_texture(double *f) { /* less its Gaussian of 8 pixels */
    double *one = (double *)malloc(2 * ON * sizeof *one), *both = one + ON;
    ptrdiff_t x, y, k;
    if (!CHECK(one != NULL)) return;
    for (y = 0; y < 2; y++) {
        const double *from = y ? one : f;
        double *to = y ? both : one;
        ptrdiff_t i;
        for (i = 0; i < ON; i++) {
            double sum = 0, weights = 0;
            for (k = -32; k <= 32; k++) {
                const double w = exp(-(double)(k * k) / 128);
                x = i % OX;
                sum += w * (y ? o_at(from, x, i / OX + k) : o_at(from, x + k, i / OX)), weights += w;
            }
            to[i] = sum / weights;
        }
    }
    for (k = 0; k < ON; k++) f[k] -= both[k];
    free(one);
}
static void tv_oracle(double *u[2], const mv_volume *f, const mv_volume *g, int steps) {
    double *mid = (double *)calloc(ON * 8, sizeof *mid), *gx = mid + ON, *gy = gx + ON, *d = gy + ON, *p[4];
    const double lambda = 0.15, theta = 0.3, tau = 0.25;
    double mean = 0, square = 0, k;
    ptrdiff_t x, y, i;
    int c, step;
    if (!CHECK(mid != NULL)) return;
    for (c = 0; c < 4; c++) p[c] = d + (c + 1) * (ptrdiff_t)ON;
    for (i = 0; i < ON; i++) {
        mean += (double)((float *)f->data)[i] / ON;
        square += (double)((float *)f->data)[i] * (double)((float *)f->data)[i] / ON;
    }
    k = 50 / sqrt(square - mean * mean);
    for (i = 0; i < ON; i++) {
        const double a = k * ((double)((float *)f->data)[i] - mean), b = k *
            ((double)((float *)g->data)[i] - mean);
        mid[i] = (a + b) / 2, d[i] = b - a;
        u[0][i] = u[1][i] = 0;
    }
    o_texture(mid);
    o_texture(d);
    for (i = 0; i < ON; i++) {
        x = i % OX, y = i / OX;
        gx[i] = (o_at(mid, x + 1, y) - o_at(mid, x - 1, y)) / 2;
        gy[i] = (o_at(mid, x, y + 1) - o_at(mid, x, y - 1)) / (y == 0 || y == OY - 1 ? 1 : 2);
    }
    for (step = 0; step < steps; step++) {
        for (i = 0; i < ON; i++) {
            const double gg = gx[i] * gx[i] + gy[i] * gy[i], most = lambda * theta * gg;
            const double rho = d[i] + gx[i] * u[0][i] + gy[i] * u[1][i];
            const double t = gg > 0 ? fmax(-most, fmin(most, rho)) / gg : 0;
            x = i % OX, y = i / OX;
            for (c = 0; c < 2; c++)
                u[c][i] += -t * (c ? gy : gx)[i] + theta * (p[2 * c][i] - (x ? p[2 * c][i - 1] : 0) +
                           p[2 * c + 1][i] - (y ? p[2 * c + 1][i - OX] : 0));
        }
        for (i = 0; i < ON; i++)
            for (c = 0; c < 2; c++) {
                const double ux = o_at(u[c], i % OX + 1, i / OX) - u[c][i],
                             uy = o_at(u[c], i % OX, i / OX + 1) - u[c][i];
                const double q = 1 + tau / theta * sqrt(ux * ux + uy * uy);
                p[2 * c][i] = (p[2 * c][i] + tau / theta * ux) / q;
                p[2 * c + 1][i] = (p[2 * c + 1][i] + tau / theta * uy) / q;
            }
    }
    free(mid);
}
static void tv_steps(void) { /* across tiles, and across the ten steps that are made at a time */
    mv_volume f = {0}, g = {0}, field = {0};
    mv_flow_opt o = {0};
    double *u[2], worst = 0;
    motion m;
    size_t i;
    int steps;
    still(&m, 1);
    m.shift[0] = 0.6, m.shift[1] = -0.3, m.wave = 0.3;
    image(&f, MEDVOL_F32, OX, OY, 1, NULL, &m, 0);
    image(&g, MEDVOL_F32, OX, OY, 1, NULL, &m, 1);
    u[0] = (double *)malloc(2 * ON * sizeof *u[0]);
    if (!CHECK(u[0] != NULL)) return;
    u[1] = u[0] + ON;
    o.method = MEDVOL_FLOW_TVL1, o.warps = 1, o.control.levels = 1;
    for (steps = 1; steps <= 23; steps += 11) {
        o.control.iterations = steps;
        CHECK_OK(mv_flow(T, &field, &f, &g, &o));
        tv_oracle(u, &f, &g, steps);
        for (i = 0; i < ON; i++) {
            worst = fmax(worst, fabs((double)((float *)field.data)[i] - u[0][i]));
            worst = fmax(worst, fabs((double)((float *)field.data)[i + ON] - u[1][i]));
        }
        CHECK(worst < 1e-3);
        mv_volume_free(T, &field);
    }
    free(u[0]);
    mv_volume_free(T, &f), mv_volume_free(T, &g);
}
static void tv(void) {
    mv_volume f = {0}, g = {0}, field = {0};
    mv_flow_opt o = {0};
    double worst;
    motion m;
    size_t i;
    int k;
    still(&m, 1);
    m.shift[0] = 1.3, m.shift[1] = -0.7, m.wave = 1;
    image(&f, MEDVOL_F32, 160, 130, 1, NULL, &m, 0);
    image(&g, MEDVOL_F32, 160, 130, 1, NULL, &m, 1);
    o.method = MEDVOL_FLOW_TVL1;
    CHECK_OK(mv_flow(T, &field, &f, &g, &o));
    CHECK(error_of(&m, &field, 16, &worst) < 0.1);
    CHECK(worst < 1);
    mv_volume_free(T, &field);
    for (i = 0; i < 160 * 130; i += 211) ((float *)g.data)[i] = 255; /* what the absolute value bears */
    CHECK_OK(mv_flow(T, &field, &f, &g, &o));
    CHECK(error_of(&m, &field, 16, &worst) < 0.12);
    agree(11, &field);
    mv_volume_free(T, &field);
    CHECK_OK(mv_flow(T, &field, &f, &f, &o));
    CHECK(sane(&field, 0.02));
    mv_volume_free(T, &field);
    for (i = 0; i < 160 * 130; i++) /* shaded, and not moved */
        ((float *)g.data)[i] = ((float *)f.data)[i] + 20 * (float)sin((double)(i % 160) / 25);
    CHECK_OK(mv_flow(T, &field, &f, &g, &o));
    CHECK(sane(&field, 0.5));
    still(&m, 1);
    CHECK(error_of(&m, &field, 16, &worst) < 0.05);
    m.shift[0] = 1.3, m.shift[1] = -0.7, m.wave = 1;
    mv_volume_free(T, &field), mv_volume_free(T, &f), mv_volume_free(T, &g);
    for (k = 1; k < 40; k += 6) {
        image(&f, MEDVOL_U8, (size_t)k, (size_t)(41 - k), 1, NULL, &m, 0);
        image(&g, MEDVOL_U8, (size_t)k, (size_t)(41 - k), 1, NULL, &m, 1);
        CHECK_OK(mv_flow(T, &field, &f, &g, &o));
        CHECK(sane(&field, 40));
        mv_volume_free(T, &f), mv_volume_free(T, &g), mv_volume_free(T, &field);
    }
    image(&f, MEDVOL_F32, 9, 8, 7, NULL, &m, 0);
    CHECK_STATUS(mv_flow(T, &field, &f, &f, &o), MEDVOL_E_UNSUPPORTED);
    mv_volume_free(T, &f);
    image(&f, MEDVOL_F32, 9, 8, 1, NULL, &m, 0);
    for (k = 0; k < 5; k++) {
        memset(&o, 0, sizeof o);
        o.method = MEDVOL_FLOW_TVL1;
        if (k == 0) o.tau = 0.3;
        if (k == 1) o.theta = -1;
        if (k == 2) o.lambda = NAN;
        if (k == 3) o.warps = -1;
        if (k == 4) o.control.iterations = -1;
        CHECK_STATUS(mv_flow(T, &field, &f, &f, &o), MEDVOL_E_RANGE);
    }
    mv_volume_free(T, &f);
}
static void expansions(void) { /* as the other methods, by expansions in polynomials */
    static const double most[3] = {0.02, 0.03, 0.2}; /* of 97 pixels a window takes the mean */
    mv_volume f = {0}, g = {0}, field = {0};
    mv_flow_opt o = {0};
    double worst;
    motion m;
    size_t i;
    int k;
    o.method = MEDVOL_FLOW_FARNEBACK;
    warped(o.method, MEDVOL_FLOW_MEDIUM, most, 12);
    warped(o.method, MEDVOL_FLOW_ACCURATE, most, 15);
    still(&m, 1);
    m.stretch[0] = 0.03, m.stretch[1] = -0.02, m.stretch[2] = 0.025, m.stretch[3] = 0.02, m.shift[0] = -2;
    recover(&m, o.method, MEDVOL_FLOW_FAST, 0.15, 0.6, 18);
    still(&m, 1);
    m.shift[0] = 1.3, m.shift[1] = -0.7, m.wave = 1;
    image(&f, MEDVOL_U16, 150, 120, 1, NULL, &m, 0);
    image(&g, MEDVOL_U8, 150, 120, 1, NULL, &m, 1);
    CHECK_OK(mv_flow(T, &field, &f, &f, &o));
    CHECK(sane(&field, 1e-4));
    mv_volume_free(T, &field);
    CHECK_OK(mv_flow(T, &field, &f, &g, &o));
    CHECK(error_of(&m, &field, 16, &worst) < 0.08);
    mv_volume_free(T, &field), mv_volume_free(T, &g);
    image(&g, MEDVOL_F32, 150, 120, 1, NULL, &m, 1); /* numbers that are none; other brightness */
    for (i = 0; i < mv_volume_count(&g); i++) {
        float *v = (float *)g.data + i;
        *v = 3 * *v - 900;
        if (i / 150 == 70 || i % 1009 == 0) *v = i % 2 ? INFINITY : NAN;
    }
    o.gain = 1;
    CHECK_OK(mv_flow(T, &field, &f, &g, &o));
    CHECK(error_of(&m, &field, 16, &worst) < 0.12);
    mv_volume_free(T, &field);
    o.gain = 0;
    for (i = 0; i < mv_volume_count(&g); i++) ((float *)g.data)[i] = (float)(i % 2 ? NAN : 7);
    CHECK_OK(mv_flow(T, &field, &f, &g, &o)); /* nothing to be seen in one, in the other, in both */
    CHECK(sane(&field, 150));
    mv_volume_free(T, &field);
    CHECK_OK(mv_flow(T, &field, &g, &f, &o));
    CHECK(sane(&field, 150));
    mv_volume_free(T, &field);
    CHECK_OK(mv_flow(T, &field, &g, &g, &o));
    CHECK(sane(&field, 0));
    mv_volume_free(T, &f), mv_volume_free(T, &g), mv_volume_free(T, &field);
    for (k = 1; k < 40; k++) {
        image(&f, MEDVOL_U8, (size_t)k, (size_t)(k % 8 ? 41 - k : 1), 1, NULL, &m, 0);
        image(&g, MEDVOL_U8, (size_t)k, (size_t)(k % 8 ? 41 - k : 1), 1, NULL, &m, 1);
        o.poly_n = 3 + k % 7 * 2, o.window = 1 + k % 9 * 6;
        CHECK_OK(mv_flow(T, &field, &f, &g, &o));
        CHECK(sane(&field, 40));
        mv_volume_free(T, &f), mv_volume_free(T, &g), mv_volume_free(T, &field);
    }
}
typedef struct teller {
    int steps, stop_at;
    double last;
} teller;
static int tell(void *user, const mv_register_step *s) {
    teller *t = (teller *)user;
    CHECK(s->level >= 0 && s->iteration >= 1 && s->energy >= 0 && s->update >= 0);
    return ++t->steps == t->stop_at;
}
static int stop(void *user, double done, double total, const char *label) {
    teller *t = (teller *)user;
    if (!CHECK(label != NULL)) return 1;
    CHECK(done <= total);
    if (!strcmp(label, "flow")) {
        CHECK(done > t->last);
        t->last = done;
    }
    return ++t->steps == t->stop_at;
}
static void control(void) {
    mv_volume f = {0}, g = {0}, field = {0};
    mv_register_report rep;
    mv_flow_opt o = {0};
    teller t = {0, 3, 0};
    motion m;
    int k, all;
    still(&m, 1);
    m.shift[0] = 1;
    image(&f, MEDVOL_F32, 70, 66, 1, NULL, &m, 0);
    image(&g, MEDVOL_F32, 70, 66, 1, NULL, &m, 1);
    o.control.step = tell, o.control.user = &t, o.control.report = &rep, o.refine = 4;
    o.control.tolerance = 1e-9;
    CHECK_OK(mv_flow(T, &field, &f, &g, &o));
    CHECK(rep.stop == MEDVOL_STOP_CALLER && rep.level == rep.levels - 1 && rep.iterations[rep.level] == 3);
    mv_volume_free(T, &field);
    t.steps = 0, t.stop_at = -1;
    CHECK_OK(mv_flow(T, &field, &f, &g, &o));
    CHECK(rep.stop == MEDVOL_STOP_ITERATIONS && rep.level == 0 && t.steps == 4 * rep.levels);
    CHECK(rep.energy < 1.5 * rep.first + 1e-3 && rep.folded == 0);
    mv_volume_free(T, &field);
    o.control.tolerance = 100;
    CHECK_OK(mv_flow(T, &field, &f, &g, &o));
    CHECK(rep.stop == MEDVOL_STOP_UPDATE && rep.iterations[0] == 1);
    mv_volume_free(T, &field);
    memset(&o, 0, sizeof o);
    t.steps = 0, t.last = 0;
    T->desc.progress = stop, T->desc.progress_user = &t;
    CHECK_OK(mv_flow(T, &field, &f, &g, &o));
    mv_volume_free(T, &field);
    for (all = t.steps, k = 1; k <= all; k += 1 + all / 5) {
        t.steps = 0, t.stop_at = k, t.last = 0;
        CHECK_STATUS(mv_flow(T, &field, &f, &g, &o), MEDVOL_E_CANCELLED);
        CHECK(field.data == NULL);
    }
    T->desc.progress = NULL;
    mv_volume_free(T, &f), mv_volume_free(T, &g);
}
static void refused(void) {
    static const size_t five[5] = {20, 18, 1, 1, 5}, two[5] = {20, 18, 1, 1, 2}, series[4] = {20, 18, 1, 3};
    mv_volume f = {0}, g = {0}, field = {0}, other = {0};
    mv_flow_opt o = {0};
    motion m;
    int k;
    still(&m, 1);
    image(&f, MEDVOL_F32, 20, 18, 1, NULL, &m, 0);
    image(&g, MEDVOL_F32, 20, 18, 1, NULL, &m, 1);
    CHECK_STATUS(mv_flow(T, NULL, &f, &g, NULL), MEDVOL_E_NULL);
    CHECK_STATUS(mv_flow(T, &field, NULL, &g, NULL), MEDVOL_E_NULL);
    CHECK_STATUS(mv_flow(T, &field, &f, NULL, NULL), MEDVOL_E_NULL);
    CHECK_STATUS(mv_flow(T, &field, &f, &other, NULL), MEDVOL_E_NULL);
    for (k = 0; k < 14; k++) {
        memset(&o, 0, sizeof o);
        if (k == 0) o.method = (mv_flow_method)3;
        if (k == 1) o.preset = (mv_flow_preset)3;
        if (k == 2) o.finest = -1;
        if (k == 3) o.finest = 17;
        if (k == 4) o.patch = 9;
        if (k == 5) o.stride = 9;
        if (k == 6) o.stride = -1;
        if (k == 7) o.alpha = -1;
        if (k == 8) o.alpha = NAN;
        if (k == 9) o.gamma = NAN;
        if (k == 10) o.delta = 1e9;
        if (k == 11) o.control.iterations = -2;
        if (k == 12) o.refine = 2000000;
        if (k == 13) o.control.levels = 17;
        CHECK_STATUS(mv_flow(T, &field, &f, &g, &o), MEDVOL_E_RANGE);
        CHECK(!strncmp(mv_message(T), "flow: ", 6));
    }
    CHECK_OK(mv_volume_alloc(T, &other, MEDVOL_F32, 5, five));
    memset(other.data, 0, mv_volume_count(&other) * sizeof(float));
    CHECK_STATUS(mv_flow(T, &field, &other, &other, NULL), MEDVOL_E_SHAPE);
    mv_volume_free(T, &other);
    CHECK_OK(mv_volume_alloc(T, &other, MEDVOL_F32, 5, two));
    memset(other.data, 0, mv_volume_count(&other) * sizeof(float));
    CHECK_STATUS(mv_flow(T, &field, &f, &other, NULL), MEDVOL_E_SHAPE);
    CHECK_STATUS(mv_flow(T, &other, &f, &other, NULL), MEDVOL_E_SHAPE);
    CHECK_STATUS(mv_flow(T, &other, &other, &other, NULL), MEDVOL_E_ALIAS);
    mv_volume_free(T, &other);
    CHECK_OK(mv_volume_alloc(T, &other, MEDVOL_F32, 4, series));
    memset(other.data, 0, mv_volume_count(&other) * sizeof(float));
    CHECK_STATUS(mv_flow(T, &field, &other, &f, NULL), MEDVOL_E_SHAPE);
    mv_volume_free(T, &other);
    CHECK_OK(mv_volume_alloc(T, &other, MEDVOL_C64, 2, series));
    CHECK_STATUS(mv_flow(T, &field, &other, &f, NULL), MEDVOL_E_DTYPE);
    mv_volume_free(T, &other);
    image(&other, MEDVOL_F32, 20, 18, 3, NULL, &m, 0);
    CHECK_STATUS(mv_flow(T, &field, &f, &other, NULL), MEDVOL_E_SHAPE);
    o.patch = 16, o.control.levels = 0;
    CHECK_STATUS(mv_flow(T, &field, &other, &other, &o), MEDVOL_E_RANGE);
    mv_volume_free(T, &other);
    g.affine[5] = 0;
    CHECK_STATUS(mv_flow(T, &field, &f, &g, NULL), MEDVOL_E_SINGULAR);
    g.affine[5] = 1, g.affine[2] = 0.5;
    CHECK_STATUS(mv_flow(T, &field, &f, &g, NULL), MEDVOL_E_SHAPE);
    CHECK(field.data == NULL);
    mv_volume_free(T, &f), mv_volume_free(T, &g);
}
const t_case tests_flow[] = {{"warps", warps, 0}, {"same", same, 0}, {"sizes", sizes, 0}, {"plain", plain, 0},
    {"types", types, 0}, {"channels", channels, 0}, {"gain", gain, 0}, {"geometry", geometry, 0},
    {"start", start, 0}, {"solid", solid, 0}, {"tv_steps", tv_steps, 0}, {"tv", tv, 0},
    {"expansions", expansions, 0}, {"control", control, 0}, {"refused", refused, 0}, {0}};
