/* rows_mind.c - descriptors, and large motion between images of noise in a ball, of opposite contrast. */
#define BENCH_MARK_CALLS
#include "bench.h"

static double lattice(int x, int y, int z) { /* in 0..1 */
    uint64_t h = (uint64_t)(uint32_t)x * 0x9e3779b97f4a7c15u ^ (uint64_t)(uint32_t)y * 0xbf58476d1ce4e5b9u ^
                 (uint64_t)(uint32_t)z * 0x94d049bb133111ebu;
    h = (h ^ h >> 31) * 0x9e3779b97f4a7c15u;
    return (double)(h >> 40) / 16777216.0;
}
static double texture(const double *p, double size) {
    double w[3], s = 0;
    int i[3], k;
    for (k = 0; k < 3; k++) {
        const double x = p[k] / size;
        i[k] = (int)floor(x);
        w[k] = x - floor(x);
        w[k] *= w[k] * (3 - 2 * w[k]);
    }
    for (k = 0; k < 8; k++)
        s += (k & 1 ? w[0] : 1 - w[0]) * (k & 2 ? w[1] : 1 - w[1]) * (k & 4 ? w[2] : 1 - w[2]) *
             lattice(i[0] + (k & 1), i[1] + (k >> 1 & 1), i[2] + (k >> 2));
    return s;
}
/* voxels from the middle; to voxels of the moving image: a tenth of the side n, at most */
static void moved(size_t n, const double *p, double *u) {
    const double q = 128 / (double)n;
    u[0] = (9 * sin(0.04 * q * p[1] + 0.6) + 3 * cos(0.05 * q * p[2])) / q;
    u[1] = (8 * cos(0.035 * q * p[0] + 0.2) + 2) / q;
    u[2] = 7 * sin(0.03 * q * p[0] + 0.03 * q * p[1] + 1) / q;
}
/* aux[0]: moving, aux[1]: fixed */
static mv_status setup(bench *b) {
    const size_t n = b->side, dim[3] = {n, n, n};
    const double h = 0.5 * (double)n;
    size_t i;
    int k, side;
    mv_status st = mv_volume_alloc(b->ctx, &b->aux[0], MEDVOL_F32, 3, dim);
    if (st >= 0) st = mv_volume_alloc(b->ctx, &b->aux[1], MEDVOL_F32, 3, dim);
    for (i = 0; st >= 0 && i < n * n * n; i++)
        for (side = 0; side < 2; side++) {
            double p[3], u[3], r, s;
            p[0] = (double)(i % n) - h, p[1] = (double)(i / n % n) - h;
            p[2] = (double)(size_t)(i / n / n) - h;
            moved(n, p, u);
            for (k = 0; k < 3 && side; k++) p[k] += u[k];
            r = sqrt(p[0] * p[0] + p[1] * p[1] + p[2] * p[2]) / (0.8 * h);
            s = r < 1 ? 60 + 150 * texture(p, 7) + 80 * texture(p, 17) : 0;
            if (!side && r < 1) s = 300 * exp(-s / 150);
            ((float *)b->aux[side].data)[i] =
                (float)(s + 6 * (lattice((int)i, side, 3) + lattice((int)i, side, 4) - 1));
        }
    return st;
}
static double error_of(const bench *b) { /* mean, voxels, well within the ball */
    const size_t n = b->side, all = n * n * n;
    const float *w = (const float *)b->out.data;
    const double h = 0.5 * (double)n;
    double sum = 0, count = 0;
    size_t i;
    int k;
    for (i = 0; i < all; i++) {
        double p[3], u[3], e = 0, r = 0;
        p[0] = (double)(i % n) - h, p[1] = (double)(i / n % n) - h, p[2] = (double)(size_t)(i / n / n) - h;
        moved(n, p, u);
        for (k = 0; k < 3; k++) {
            e += ((double)w[(size_t)k * all + i] - u[k]) * ((double)w[(size_t)k * all + i] - u[k]);
            r += (p[k] + u[k]) * (p[k] + u[k]);
        }
        if (sqrt(r) < 0.6 * h) sum += sqrt(e), count++;
    }
    return sum / count;
}
static int check_search(bench *b) { return !(error_of(b) <= (b->side < 64 ? 1.5 : 0.9)); }
/* the 12 channels of voxel i by their definition */
static void channels_of(const bench *b, size_t i, double *m) {
    static const int axis[3][2] = {{0, 1}, {0, 2}, {1, 2}};
    const ptrdiff_t n = (ptrdiff_t)b->side;
    const ptrdiff_t p[3] = {(ptrdiff_t)i % n, (ptrdiff_t)i / n % n, (ptrdiff_t)i / n / n};
    const float *v = (const float *)b->in.data;
    double least = INFINITY, mean = 0;
    int k, q, side, c;
    for (k = 0; k < 12; k++) {
        m[k] = 0;
        for (q = 0; q < 27; q++) {
            double at[2];
            for (side = 0; side < 2; side++) {
                ptrdiff_t x[3] = {p[0] + q % 3 - 1, p[1] + q / 3 % 3 - 1, p[2] + q / 9 - 1};
                x[axis[k / 4][side]] += (k >> (1 - side)) & 1 ? -2 : 2;
                for (c = 0; c < 3; c++) x[c] = x[c] < 0 ? 0 : x[c] < n ? x[c] : n - 1;
                at[side] = v[x[0] + n * (x[1] + n * x[2])];
            }
            m[k] += (at[0] - at[1]) * (at[0] - at[1]);
        }
        least = fmin(least, m[k]);
    }
    for (k = 0; k < 12; k++) mean += (m[k] - least) / 12;
    for (k = 0; k < 12; k++) m[k] = exp(-(m[k] - least) / mean);
}
static int check_mind(bench *b) { /* bits that are set tell m to a fifth */
    const size_t all = b->side * b->side * b->side;
    size_t t;
    for (t = 0; t < 300; t++) {
        const size_t i = (size_t)((uint64_t)t * 2654435761u % all); /* spread */
        const uint64_t w = ((const uint64_t *)b->out.data)[i];
        double m[12];
        int k, j, bits;
        channels_of(b, i, m);
        for (k = 0; k < 12; k++) {
            for (bits = 0, j = 0; j < 5; j++) bits += (int)(w >> (32 * (k / 6) + 5 * (k % 6) + j) & 1);
            if (!(fabs(bits / 5.0 - m[k]) < 0.101)) return 1;
        }
    }
    return 0;
}
static int check_channels(bench *b) {
    const size_t all = b->side * b->side * b->side;
    size_t t, k;
    for (t = 0; t < 300; t++) {
        const size_t i = (size_t)((uint64_t)t * 2654435761u % all); /* spread */
        double m[12];
        channels_of(b, i, m);
        for (k = 0; k < 12; k++)
            if (!(fabs(((const float *)b->out.data)[k * all + i] - m[k]) < 1e-3)) return 1;
    }
    return 0;
}
static mv_status mind(bench *b) { return mv_mind_ssc(b->ctx, &b->out, &b->in, NULL); }
static mv_status mind_channels(bench *b) {
    mv_mind_opt o = {0};
    o.channels = 1;
    return mv_mind_ssc(b->ctx, &b->out, &b->in, &o);
}
static mv_status search_of(bench *b, int symmetric) {
    mv_register_search_opt o = {0};
    o.symmetric = symmetric;
    return mv_register_search(b->ctx, &b->out, &b->aux[1], &b->aux[0], &o);
}
static mv_status search(bench *b) { return search_of(b, 0); }
static mv_status search_both(bench *b) { return search_of(b, 1); }
/* Operations a voxel. Descriptors: six diagonals of 2 and 6 additions; 36 for the least and the mean; 60
   comparisons that make a bit each. Search: pyramids and two descriptors; of each label 4 words' worth of
   counting bits, 24 operations for 32-bit halves; 17^3 of them at an eighth of an eighth, 7^3 above. */
static double work_mind(const bench *b) {
    return (6 * 8 + 36 + 3 * 60) * (double)b->side * (double)b->side * (double)b->side;
}
static double work_search(const bench *b) {
    const double n = (double)b->side * (double)b->side * (double)b->side;
    return 2 * 1.2 * work_mind(b) + 24 * n * (343 * (1 + 1 / 8.0) + 4913 / 64.0);
}
#define ROW(name, run, right, count, how)                                                                    \
    {name, MEDVOL_F32, run, .check = right, .floor = "ab", .work = count, .setup = how}
#define FIELD(name, run)                                                                                     \
    {name, MEDVOL_F32, run, .check = check_search, .floor = "ab", .work = work_search, .setup = setup,       \
     .most = 128}
const bench_row rows_mind[] = {
    ROW("mind ssc", mind, check_mind, work_mind, NULL),
    ROW("mind ssc, channels", mind_channels, check_channels, work_mind, NULL),
    FIELD("register search", search),
    FIELD("register search, symmetric", search_both),
    {0},
};
#undef ROW
#undef FIELD
