/* rows_layers.c - layers on a background, contrast, pictures of registrations. Volumes stand for images: what
   works pixel by pixel does not care. */
#define BENCH_MARK_CALLS
#include "bench.h"

static size_t voxels(const bench *b) { return b->side * b->side * b->side; }
/* aux: the same head, other greys */
static mv_status others(bench *b) {
    mv_status st = MEDVOL_OK;
    size_t i, k;
    for (k = 0; k < 3 && st >= 0; k++) {
        st = mv_volume_alloc(b->ctx, &b->aux[k], b->in.dtype, 3, b->in.dim);
        for (i = 0; st >= 0 && i < voxels(b); i++)
            if (b->in.dtype == MEDVOL_U8) {
                const double x = bench_value(&b->in, i) * 0.8 + (double)(i * (k + 3) % 50);
                ((uint8_t *)b->aux[k].data)[i] = (uint8_t)x;
            } else ((float *)b->aux[k].data)[i] = (float)((i * (k + 7919)) % 1000) / 999.0f;
    }
    return st;
}
static mv_status compose(bench *b, mv_blend second, mv_blend third) {
    mv_layer l[3];
    int k;
    memset(l, 0, sizeof l);
    for (k = 0; k < 3; k++) l[k].image = &b->aux[k], l[k].opacity = 0.6;
    l[1].mode = second, l[2].mode = third;
    return mv_compose_layers(b->ctx, &b->out, &b->in, l, 3, NULL);
}
static mv_status plain(bench *b) { return compose(b, MEDVOL_BLEND_NORMAL, MEDVOL_BLEND_NORMAL); }
static mv_status modes(bench *b) { return compose(b, MEDVOL_BLEND_MULTIPLY, MEDVOL_BLEND_SCREEN); }
static double composed(const bench *b, size_t i, int with_modes) { /* in 8 bits as they are kept */
    const int whole = b->in.dtype == MEDVOL_U8;
    const double one = whole ? 255 : 1;
    double x = bench_value(&b->in, i);
    int k;
    if (!whole) x = x > 0 ? fmin(x, 1) : 0;
    for (k = 0; k < 3; k++) {
        double s = bench_value(&b->aux[k], i);
        if (with_modes && k == 1) s = x * s / one;
        if (with_modes && k == 2) s = x + s - x * s / one;
        if (whole) s = floor(s + 0.5);
        x = 0.4 * x + 0.6 * s;
        if (whole) x = floor(x + 0.5);
    }
    return x;
}
static double want_plain(const bench *b, size_t i) { return composed(b, i, 0); }
static double want_modes(const bench *b, size_t i) { return composed(b, i, 1); }

/* ---- contrast ---- */
static mv_status clahe(bench *b) { return mv_clahe(b->ctx, &b->out, &b->in, NULL); }
/* a tile's curve at one value, with the filter's rule for what is cut off */
static double curve(const bench *b, const uint8_t *slice, size_t tx, size_t ty, unsigned v) {
    const size_t w = b->side / 8;
    unsigned long count[256] = {0}, limit = (unsigned long)(2.0 * (double)(w * w) / 256), cut = 0, sum = 0, k;
    size_t x, y;
    if (limit < 1) limit = 1;
    for (y = ty * w; y < (ty + 1) * w; y++)
        for (x = tx * w; x < (tx + 1) * w; x++) count[slice[y * b->side + x]]++;
    for (k = 0; k < 256; k++)
        if (count[k] > limit) cut += count[k] - limit, count[k] = limit;
    for (k = 0; k < 256; k++) count[k] += cut / 256;
    cut %= 256;
    for (k = 0; cut && k / (256 / cut) < cut; k += 256 / cut) count[k]++;
    for (k = 0; k <= v; k++) sum += count[k];
    return rint((double)sum * 255 / (double)(w * w));
}
static int check_clahe(bench *b) { /* some pixels */
    const size_t whole = b->side / 8;
    const double w = (double)whole;
    size_t i, j;
    if (b->side % 8) return 0;
    for (i = 7; i < voxels(b); i += voxels(b) / 50 + 3) {
        const size_t x = i % b->side, y = i / b->side % b->side;
        const uint8_t *slice = (const uint8_t *)b->in.data + (i - x - y * b->side);
        const double fx = (double)x / w - 0.5, fy = (double)y / w - 0.5;
        double sum = 0;
        for (j = 0; j < 4; j++) {
            const double px = floor(fx) + (double)(j & 1), py = floor(fy) + (double)(j >> 1);
            const double share = (1 - fabs(fx - px)) * (1 - fabs(fy - py));
            sum += share * curve(b, slice, (size_t)fmax(0, fmin(7, px)), (size_t)fmax(0, fmin(7, py)),
                                 ((const uint8_t *)b->in.data)[i]);
        }
        if (!(fabs(sum - ((const uint8_t *)b->out.data)[i]) <= 1.01)) return 1;
    }
    return 0;
}
static mv_status match(bench *b) { return mv_match_histogram(b->ctx, &b->out, &b->in, &b->aux[0], NULL); }
static int check_match(bench *b) { /* the same share at or below the reference's quartiles */
    int q;
    for (q = 1; q < 4; q++) {
        const double at = q * 0.25;
        double n = 0;
        size_t i;
        for (i = 0; i < voxels(b); i++) n += bench_value(&b->out, i) <= at;
        if (!(fabs(n / (double)voxels(b) - at) < 0.02)) return 1;
    }
    return 0;
}

/* ---- pictures ---- */
static mv_status checker(bench *b) {
    mv_picture_opt o = {0};
    o.window_a[1] = o.window_b[1] = 255;
    return mv_picture_checkerboard(b->ctx, &b->out, &b->in, &b->aux[0], &o);
}
static double want_checker(const bench *b, size_t i) {
    const double r = rint((double)b->side / 8);
    const size_t s = r < 1 ? 1 : (size_t)r, x = i % b->side, y = i / b->side % b->side;
    const size_t z = i / b->side / b->side;
    return bench_value((x / s + y / s + z / s) % 2 ? &b->aux[0] : &b->in, i);
}
static mv_status difference(bench *b) {
    mv_picture_opt o = {0};
    o.range = 100;
    return mv_picture_difference(b->ctx, &b->out, &b->in, &b->aux[0], &o);
}
static int shade(double t, int k) { /* the diverging colours */
    static const double end[2][3] = {{59, 76, 192}, {180, 4, 38}};
    return (int)rint(255 + fmin(1, fabs(t)) * (end[t > 0][k] - 255));
}
static int check_difference(bench *b) {
    size_t i;
    int k;
    for (i = 0; i < voxels(b); i++)
        for (k = 0; k < 3; k++)
            if (((const uint8_t *)b->out.data)[3 * i + (size_t)k] !=
                shade((bench_value(&b->in, i) - bench_value(&b->aux[0], i)) / 100, k)) return 1;
    return 0;
}
static mv_status field(bench *b) { return bench_field(b, &b->aux[0], 0.03 * (double)b->side, 0); }
static mv_status flow(bench *b) {
    mv_picture_opt o = {0};
    o.range = 0.9 * 0.03 * (double)b->side;
    return mv_picture_flow(b->ctx, &b->out, &b->aux[0], &o);
}
static int check_flow(bench *b) { /* saturation is 1 - the least channel; green is up, blue is down */
    const float *u = (const float *)b->aux[0].data, *v = u + voxels(b);
    const double range = 0.9 * 0.03 * (double)b->side;
    size_t i;
    for (i = 0; i < voxels(b); i++) {
        const uint8_t *p = (const uint8_t *)b->out.data + 3 * i;
        const double s = fmin(1, sqrt((double)u[i] * u[i] + (double)v[i] * v[i]) / range);
        const int least = p[0] < p[1] ? p[0] < p[2] ? p[0] : p[2] : p[1] < p[2] ? p[1] : p[2];
        if (!(fabs(255 * (1 - s) - least) <= 0.51)) return 1;
        if (!(s > 0.1 && fabs((double)v[i]) > 0.1 * fabs((double)u[i]))) continue;
        if (v[i] > 0 ? p[1] < p[2] : p[1] > p[2]) return 1;
    }
    return 0;
}
static mv_status jacobian(bench *b) { return mv_picture_jacobian(b->ctx, &b->out, &b->aux[0], NULL); }
static int check_jacobian(bench *b) {
    mv_volume det = {0};
    size_t i;
    int k, bad = mv_field_jacobian(b->ctx, &det, NULL, &b->aux[0], NULL) < 0;
    for (i = 0; !bad && i < voxels(b); i++)
        for (k = 0; k < 3; k++) {
            const double j = (double)((const float *)det.data)[i];
            bad |= j > 0 && abs(shade(log2(j), k) - ((const uint8_t *)b->out.data)[3 * i + (size_t)k]) > 1;
        }
    mv_volume_free(b->ctx, &det);
    return bad;
}
static mv_status grid(bench *b) {
    mv_picture_opt o = {0};
    o.size = 9;
    return mv_picture_grid(b->ctx, &b->out, &b->aux[0], &o);
}
static int check_grid(bench *b) { /* where a line is, a coordinate is near its multiple, and only there */
    const float *u = (const float *)b->aux[0].data;
    const double *m = b->aux[0].affine;
    size_t i, c;
    for (i = 0; i < voxels(b); i++) {
        const double x[3] = {(double)(i % b->side), (double)(i / b->side % b->side),
            (double)(size_t)(i / (b->side * b->side))};
        const int got = ((const uint8_t *)b->out.data)[i];
        double off = 99;
        for (c = 0; c < 2; c++) {
            const double at = (m[4 * c] * x[0] + m[4 * c + 1] * x[1] + m[4 * c + 2] * x[2] + m[4 * c + 3] +
                               (double)u[c * voxels(b) + i]) / 9;
            off = fmin(off, 9 * fabs(at - rint(at)));
        }
        if (got > 0 ? off > 2 : off < 0.3) return 1;
    }
    return 0;
}

/* Multiply-adds a voxel: a layer 2 for a mode and 2 to mix; four curves' blends; a distance a line. */
const bench_row rows_layers[] = {
    {"compose, 3 plain layers", MEDVOL_U8, plain, want_plain, 0, .floor = "rabdw", .setup = others},
    {"compose, 3 layers", MEDVOL_U8, modes, want_modes, 0, .floor = "rabdw", .setup = others},
    {"compose, 3 layers", MEDVOL_F32, modes, want_modes, 1e-6, .floor = "rabdw", .fma = 9, .setup = others},
    {"equalisation", MEDVOL_U8, clahe, .check = check_clahe, .floor = "c", .fma = 7},
    {"match histogram", MEDVOL_F32, match, .check = check_match, .floor = "rcw", .setup = others},
    {"picture, checkerboard", MEDVOL_U8, checker, want_checker, 0, .floor = "c", .setup = others},
    {"picture, difference", MEDVOL_U8, difference, .check = check_difference, .floor = "raw", .fma = 4,
        .setup = others},
    {"picture, flow", MEDVOL_F32, flow, .check = check_flow, .floor = "w", .fma = 20, .setup = field},
    {"picture, jacobian", MEDVOL_F32, jacobian, .check = check_jacobian, .floor = "aw", .fma = 40,
        .setup = field},
    {"picture, grid", MEDVOL_F32, grid, .check = check_grid, .floor = "w", .fma = 20, .setup = field},
    {0},
};
