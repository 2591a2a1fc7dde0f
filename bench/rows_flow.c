/* rows_flow.c - flow of a woven texture: a plane with as many pixels as the volume has voxels, 8 bits, noise
   of standard deviation 2.5, a smooth warp of up to 0.6 % of its side. */
#define BENCH_MARK_CALLS
#include "bench.h"

/* aux[0]: moving, aux[1]: fixed */
static size_t side_of(const bench *b) { return (size_t)sqrt((double)b->side * (double)b->side *
                                                            (double)b->side); }
static uint32_t mixed(uint32_t a, uint32_t b, uint32_t s) {
    uint32_t h = a * 0x9e3779b1u ^ b * 0x85ebca77u ^ s * 0xc2b2ae3du;
    h ^= h >> 15, h *= 0x2c1b3c6du, h ^= h >> 12, h *= 0x297a2d39u;
    return h ^ h >> 15;
}
static double lattice(double x, double y, uint32_t s) { /* smooth noise, 0 to 1 */
    const double ix = floor(x), iy = floor(y), u = (x - ix) * (x - ix) * (3 - 2 * (x - ix)),
                 v = (y - iy) * (y - iy) * (3 - 2 * (y - iy));
    const uint32_t i = (uint32_t)(int)ix, j = (uint32_t)(int)iy;
    const double a = mixed(i, j, s), c = mixed(i + 1, j, s), d = mixed(i, j + 1, s), e = mixed(i + 1, j + 1,
            s);
    return ((a + (c - a) * u) * (1 - v) + (d + (e - d) * u) * v) / 4294967296.0;
}
static double cloth(double x, double y) {
    const double a = (x + 3.6 * lattice(x / 40, y / 40, 1)) / 7, b = (y + 3.6 * lattice(x / 37, y / 43,
            2)) / 7;
    const double over = 0.5 + 0.5 * tanh(3 * sin(3.14159265 * a) * sin(3.14159265 * b));
    const double one = 60 + 40 * cos(6.2831853 * a) + 40 * (lattice(floor(a + 0.5), y / 25, 3) - 0.5) +
                       30 * (lattice(x / 3, y / 6, 4) - 0.5);
    const double two = 60 + 40 * cos(6.2831853 * b) + 40 * (lattice(x / 25, floor(b + 0.5), 5) - 0.5) +
                       30 * (lattice(x / 6, y / 3, 6) - 0.5);
    return 40 + over * one + (1 - over) * two + 50 * (lattice(x / 60, y / 60, 7) - 0.5) +
           25 * (lattice(x / 12, y / 12, 8) - 0.5);
}
static double noise(size_t i) { /* standard deviation 1, of four bytes */
    const uint32_t z = mixed((uint32_t)i, (uint32_t)(i >> 16), 99);
    return (double)((z & 255) + (z >> 8 & 255) + (z >> 16 & 255) + (z >> 24)) / 147.8 - 3.45;
}
static void moved(double n, double x, double y, double *u) {
    const double q = 6.2831853 / n, most = 0.006 * n;
    u[0] = most * (0.6 * sin(1.3 * q * y + 0.4) * cos(0.9 * q * x) + 0.4 * sin(2.1 * q * x + 1) +
                   0.15 * sin(5 * q * y + 3 * q * x));
    u[1] = most * (0.6 * cos(1.1 * q * x + 0.2) * sin(1.4 * q * y + 0.9) + 0.4 * cos(2.3 * q * y + 0.5) +
                   0.15 * cos(4 * q * x - 2 * q * y));
}
static uint8_t byte_of(double v) { return (uint8_t)fmin(fmax(v + 0.5, 0), 255); }
static mv_status setup(bench *b) {
    const size_t n = side_of(b), dim[2] = {n, n};
    size_t i;
    mv_status st = mv_volume_alloc(b->ctx, &b->aux[0], MEDVOL_U8, 2, dim);
    if (st >= 0) st = mv_volume_alloc(b->ctx, &b->aux[1], MEDVOL_U8, 2, dim);
    for (i = 0; st >= 0 && i < n * n; i++) {
        const double x = (double)(i % n), y = (double)(size_t)(i / n);
        double u[2];
        moved((double)n, x, y, u);
        ((uint8_t *)b->aux[0].data)[i] = byte_of(cloth(x, y) + 2.5 * noise(i));
        ((uint8_t *)b->aux[1].data)[i] = byte_of(cloth(x + u[0], y + u[1]) + 2.5 * noise(i + n * n));
    }
    return st;
}
static mv_status flow_of(bench *b, mv_flow_preset preset) {
    mv_flow_opt o = {0};
    o.preset = preset;
    return mv_flow(b->ctx, &b->out, &b->aux[1], &b->aux[0], &o);
}
static mv_status medium(bench *b) { return flow_of(b, MEDVOL_FLOW_MEDIUM); }
static mv_status fast(bench *b) { return flow_of(b, MEDVOL_FLOW_FAST); }
static mv_status accurate(bench *b) { return flow_of(b, MEDVOL_FLOW_ACCURATE); }
static mv_status variation(bench *b) {
    mv_flow_opt o = {0};
    o.method = MEDVOL_FLOW_TVL1;
    return mv_flow(b->ctx, &b->out, &b->aux[1], &b->aux[0], &o);
}
static mv_status expansions(bench *b) {
    mv_flow_opt o = {0};
    o.method = MEDVOL_FLOW_FARNEBACK;
    return mv_flow(b->ctx, &b->out, &b->aux[1], &b->aux[0], &o);
}
static double error_of(const bench *b) { /* mean, in pixels, away from the borders */
    const size_t n = side_of(b), edge = n / 16;
    const float *w = (const float *)b->out.data;
    double sum = 0, count = 0;
    size_t x, y;
    for (y = edge; y + edge < n; y++)
        for (x = edge; x + edge < n; x++) {
            double u[2];
            moved((double)n, (double)x, (double)y, u);
            sum += hypot(w[y * n + x] - u[0], w[n * n + y * n + x] - u[1]), count++;
        }
    return sum / count;
}
static int check_fast(bench *b) { return !(error_of(b) <= (side_of(b) < 256 ? 0.3 : 0.2)); }
static int check(bench *b) { return !(error_of(b) <= 0.1); }
/* Multiply-adds a pixel of a level: a patch of 64 for each 16 pixels, 3 for its template, then at each of
   four steps 3 to sample it and 5 sums, 10 to fill; a pass of the refinement 15 to warp, 45 for the
   equations, five sweeps of 20. Levels: 4/3, with finest 2 a third of that. */
static double work_of(const bench *b, double passes, double part) {
    const double n = (double)side_of(b);
    return n * n * 4 / 3 * part * (4 * (3 + 4 * 8 + 10) + passes * 160);
}
static double work_medium(const bench *b) { return work_of(b, 2, 1); }
static double work_fast(const bench *b) { return work_of(b, 2, 0.25); }
static double work_accurate(const bench *b) { return work_of(b, 6, 1); }

/* five warps of 30 steps of 17 each way and 12 for the dual field, medians of 19 exchanges */
static double work_variation(const bench *b) {
    const double n = (double)side_of(b);
    return n * n * 4 / 3 * 5 * (30 * 29 + 40);
}
/* two rounds: both images through filters of 5, 3 down and 5 across, 5 coefficients between four pixels, 20
   for the products, 5 of these through windows of 25 each way, 20 for the equations */
static double work_expansions(const bench *b) {
    const double n = (double)side_of(b);
    return n * n * 4 / 3 * 2 * (2 * 8 * 5 + 5 * 3 + 20 + 2 * 5 * 25 + 20);
}

#define ROW(name, run, right, count)                                                                         \
    {name, MEDVOL_U8, run, .check = right, .floor = "ab", .work = count, .setup = setup, .most = 128}
const bench_row rows_flow[] = {
    ROW("flow", medium, check, work_medium),
    ROW("flow, fast", fast, check_fast, work_fast),
    ROW("flow, accurate", accurate, check, work_accurate),
    ROW("flow, TV-L1", variation, check_fast, work_variation),
    ROW("flow, expansions", expansions, check, work_expansions),
    {0},
};
#undef ROW
