/* rows_intensity.c - statistics and maps of values. */
#define BENCH_MARK_CALLS
#include "bench.h"

static double at(const bench *b, size_t i) { return bench_value(&b->in, i); }
static size_t count(const bench *b) { return mv_volume_count(&b->in); }
static mv_status like_in(bench *b) { /* for the array calls */
    mv_status st = mv_volume_alloc(b->ctx, &b->out, MEDVOL_F32, 3, b->in.dim);
    if (st >= 0) memset(b->out.data, 1, bench_bytes(&b->out));
    return st;
}
#define IN_F32 (const float *)b->in.data
#define OUT_F32 (float *)b->out.data

/* ---- statistics: the naive two passes are the oracle, once a volume ---- */
static const double *naive(const bench *b) { /* min, max, mean, sd */
    static bench_key key;
    static double v[4];
    size_t i, n = count(b);
    double x, s = 0, d = 0, lo = INFINITY, hi = -INFINITY;
    if (bench_known(&key, b)) return v;
    for (i = 0; i < n; i++) x = at(b, i), s += x, lo = fmin(lo, x), hi = fmax(hi, x);
    s /= (double)n;
    for (i = 0; i < n; i++) x = at(b, i) - s, d += x * x;
    v[0] = lo, v[1] = hi, v[2] = s, v[3] = sqrt(d / (double)n);
    return v;
}
static double want_stats(const bench *b, size_t i) { return naive(b)[i]; }
static mv_status four(bench *b, const mv_statistics *s, mv_status st) {
    b->numbers = 4;
    b->number[0] = s->min, b->number[1] = s->max, b->number[2] = s->mean, b->number[3] = s->sd;
    return st;
}
static mv_status stats(bench *b) {
    mv_statistics s = {0};
    mv_status st = mv_stats(b->ctx, &s, &b->in, NULL);
    return four(b, &s, st);
}
static mv_status stats_f32(bench *b) {
    mv_statistics s = {0};
    mv_status st = mv_stats_f32(b->ctx, &s, IN_F32, count(b), NULL);
    return four(b, &s, st);
}
static mv_status stats_array(bench *b) {
    mv_statistics s = {0};
    mv_status st = mv_stats_array(b->ctx, &s, b->in.data, b->in.dtype, count(b), 0, 0, NULL);
    return four(b, &s, st);
}
static mv_status stats_masked(bench *b) { /* the mask is the head itself: everything but exact zeros */
    mv_statistics s = {0};
    mv_stats_opt opt = {0};
    mv_status st;
    opt.mask = &b->aux[0];
    st = mv_stats(b->ctx, &s, &b->in, &opt);
    return four(b, &s, st);
}
static mv_status mask_setup(bench *b) {
    mv_status st = mv_volume_alloc(b->ctx, &b->aux[0], MEDVOL_U8, 3, b->in.dim);
    if (st >= 0) memset(b->aux[0].data, 1, bench_bytes(&b->aux[0]));
    return st;
}
static mv_status stats_parts(bench *b) { /* chunk by chunk, as a caller with its own threads does it */
    mv_statistics s = {0};
    size_t n = count(b), i, k = 0;
    mv_stats_part *part = (mv_stats_part *)b->aux[0].data;
    mv_status st = MEDVOL_OK;
    for (i = 0; i < n && st >= 0; i += MEDVOL_STATS_CHUNK, k++)
        st = mv_stats_partial(b->ctx, &part[k], (const float *)b->in.data + i, MEDVOL_F32,
            n - i < MEDVOL_STATS_CHUNK ? n - i : MEDVOL_STATS_CHUNK, 0, 0, NULL);
    if (st >= 0) st = mv_stats_fold(b->ctx, &s, part, k);
    return four(b, &s, st);
}
static mv_status parts_setup(bench *b) {
    return bench_room(b, &b->aux[0], (count(b) / MEDVOL_STATS_CHUNK + 1) * sizeof(mv_stats_part));
}

static int order(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}
static const double ranks[3] = {1, 50, 99};
static double want_ranks(const bench *b, size_t i) {
    static bench_key key;
    static double v[3];
    size_t n = count(b), k;
    if (!bench_known(&key, b)) {
        double *s = (double *)malloc(n * sizeof *s);
        if (!s) return NAN;
        for (k = 0; k < n; k++) s[k] = at(b, k);
        qsort(s, n, sizeof *s, order);
        for (k = 0; k < 3; k++) {
            double at_rank = (double)(n - 1) * (ranks[k] / 100.0), f = floor(at_rank);
            v[k] = s[(size_t)f] + (s[(size_t)ceil(at_rank)] - s[(size_t)f]) * (at_rank - f);
        }
        free(s);
    }
    return v[b->numbers == 1 ? 1 : i];
}
static mv_status percentiles(bench *b) {
    b->numbers = 3;
    return mv_percentiles(b->ctx, b->number, &b->in, ranks, 3, NULL);
}
static mv_status percentiles_f32(bench *b) {
    b->numbers = 3;
    return mv_percentiles_f32(b->ctx, b->number, IN_F32, count(b), ranks, 3, NULL);
}
static mv_status percentiles_array(bench *b) {
    b->numbers = 3;
    return mv_percentiles_array(b->ctx, b->number, b->in.data, b->in.dtype, count(b), 0, 0, ranks, 3, NULL);
}
static mv_status median(bench *b) {
    b->numbers = 1;
    return mv_median(b->ctx, b->number, &b->in, NULL);
}
/* its median is that of the deviations when half of the values lie within it */
static mv_status mad(bench *b) {
    b->numbers = 2;
    return mv_mad(b->ctx, b->number, b->number + 1, &b->in, NULL);
}
static int check_mad(bench *b) {
    const size_t n = count(b);
    const double far = b->number[0] / 1.4826022185056018, m = b->number[1];
    size_t i, in = 0, out = 0, below = 0, above = 0;
    for (i = 0; i < n; i++) {
        const double x = bench_value(&b->in, i), d = fabs(x - m);
        in += d < far * (1 - 1e-9), out += d > far * (1 + 1e-9);
        below += x < m, above += x > m;
    }
    return 2 * in > n || 2 * out > n || 2 * below > n || 2 * above > n;
}

enum { BINS = 256 };
static uint64_t bins[2][BINS];
static mv_hist hist_of(uint64_t *counts) {
    mv_hist h;
    memset(&h, 0, sizeof h);
    h.counts = counts;
    h.bins = BINS;
    return h;
}
/* 0..1000 in 256 bins; result: 30 bins out of the middle, the total, and Otsu's threshold when `otsu` */
static mv_status picked(bench *b, const mv_hist *h, mv_status st) {
    int k;
    b->numbers = 31;
    for (k = 0; k < 30; k++) b->number[k] = (double)h->counts[8 * k];
    b->number[30] = (double)h->total;
    return st;
}
static const mv_histogram_opt to_1000 = {NULL, NULL, 0, 0, 0.0, 1000.0};
static mv_status histogram(bench *b) {
    mv_hist h = hist_of(bins[0]);
    mv_status st = mv_histogram(b->ctx, &h, &b->in, &to_1000);
    return picked(b, &h, st);
}
static mv_status histogram_f32(bench *b) {
    mv_hist h = hist_of(bins[0]);
    mv_status st = mv_histogram_f32(b->ctx, &h, IN_F32, count(b), &to_1000);
    return picked(b, &h, st);
}
static mv_status histogram_halves(bench *b) {
    mv_hist h = hist_of(bins[0]), part[2];
    uint64_t counts[2][BINS];
    size_t n = count(b), half = n / 2;
    mv_status st;
    part[0] = hist_of(counts[0]), part[1] = hist_of(counts[1]);
    st = mv_histogram_array(b->ctx, &part[0], b->in.data, b->in.dtype, half, 0, 0, &to_1000);
    if (st >= 0)
        st = mv_histogram_array(b->ctx, &part[1],
            (const char *)b->in.data + half * mv_dtype_size(b->in.dtype), b->in.dtype, n - half, 0, 0,
            &to_1000);
    if (st >= 0) st = mv_histogram_fold(b->ctx, &h, part, 2);
    return picked(b, &h, st);
}
static double want_bins(const bench *b, size_t i) { /* by search among the edges */
    static bench_key key;
    static double counts[BINS + 1];
    size_t k, n = count(b);
    if (!bench_known(&key, b)) {
        memset(counts, 0, sizeof counts);
        for (k = 0; k < n; k++) {
            double x = at(b, k), w = 1000.0 / BINS;
            int lo = 0, hi = BINS;
            if (!(x >= 0 && x <= 1000)) continue;
            while (hi - lo > 1) {
                int mid = (lo + hi) / 2;
                if (x >= mid * w) lo = mid;
                else hi = mid;
            }
            counts[lo]++;
            counts[BINS]++;
        }
    }
    return counts[i == 30 ? BINS : 8 * i];
}
static mv_status otsu(bench *b) {
    mv_hist h = hist_of(bins[1]);
    b->numbers = 1;
    h.hi = 1000.0;
    h.total = count(b);
    return mv_otsu(b->ctx, b->number, &h);
}
static mv_status otsu_setup(bench *b) {
    mv_hist h = hist_of(bins[1]);
    return mv_histogram(b->ctx, &h, &b->in, &to_1000);
}
static double want_otsu(const bench *b, size_t i) { /* all thresholds tried, from the start each */
    double best = -1, threshold = NAN;
    int t, k;
    (void)b, (void)i;
    for (t = 0; t < BINS - 1; t++) {
        double w[2] = {0, 0}, m[2] = {0, 0}, v, apart;
        for (k = 0; k < BINS; k++) {
            w[k > t] += (double)bins[1][k];
            m[k > t] += (double)bins[1][k] * (k + 0.5);
        }
        apart = w[0] > 0 && w[1] > 0 ? m[0] / w[0] - m[1] / w[1] : 0;
        v = w[0] * w[1] * apart * apart;
        if (v > best) best = v, threshold = (t + 0.5) * 1000.0 / BINS;
    }
    return threshold;
}

/* ---- maps ---- */
static mv_status znorm(bench *b) { return mv_znorm(b->ctx, &b->out, &b->in, NULL); }
static mv_status znorm_new(bench *b) {
    mv_volume_free(b->ctx, &b->out);
    return mv_znorm(b->ctx, &b->out, &b->in, NULL);
}
static mv_status znorm_place(bench *b) { return mv_znorm(b->ctx, &b->out, &b->out, NULL); }
static mv_status znorm_f32(bench *b) { return mv_znorm_f32(b->ctx, OUT_F32, IN_F32, count(b), NULL); }
static double want_znorm(const bench *b, size_t i) { return (at(b, i) - naive(b)[2]) / naive(b)[3]; }
static mv_status copy_in(bench *b) { return mv_volume_copy(b->ctx, &b->out, &b->in); }

static mv_status rescale(bench *b) { return mv_rescale(b->ctx, &b->out, &b->in, 0, 1, NULL); }
static mv_status rescale_f32(bench *b) {
    return mv_rescale_f32(b->ctx, OUT_F32, IN_F32, count(b), 0, 1, NULL);
}
static double want_rescale(const bench *b, size_t i) {
    return (at(b, i) - naive(b)[0]) / (naive(b)[1] - naive(b)[0]);
}
static mv_status rescale_percentile(bench *b) {
    mv_rescale_opt opt = {0};
    opt.range = MEDVOL_RANGE_PERCENTILE;
    opt.lo = 1, opt.hi = 99, opt.clip = 1;
    return mv_rescale(b->ctx, &b->out, &b->in, 0, 1, &opt);
}
static double want_percentile(const bench *b, size_t i) {
    double lo = want_ranks(b, 0), hi = want_ranks(b, 2);
    return fmin(fmax((at(b, i) - lo) / (hi - lo), 0), 1);
}
static mv_status linear(bench *b) { return mv_linear(b->ctx, &b->out, &b->in, 1.5, -20); }
static mv_status linear_f32(bench *b) { return mv_linear_f32(b->ctx, OUT_F32, IN_F32, count(b), 1.5, -20); }
static double want_linear(const bench *b, size_t i) { return at(b, i) * 1.5 - 20; }
static mv_status clamp(bench *b) { return mv_clamp(b->ctx, &b->out, &b->in, 100, 600); }
static mv_status clamp_f32(bench *b) { return mv_clamp_f32(b->ctx, OUT_F32, IN_F32, count(b), 100, 600); }
static double want_clamp(const bench *b, size_t i) { return fmin(fmax(at(b, i), 100), 600); }
static mv_status threshold(bench *b) { return mv_threshold(b->ctx, &b->out, &b->in, 300, INFINITY, NULL); }
static mv_status threshold_f32(bench *b) {
    return mv_threshold_f32(b->ctx, OUT_F32, IN_F32, count(b), 300, INFINITY, NULL);
}
static double want_threshold(const bench *b, size_t i) { return at(b, i) >= 300 ? at(b, i) : 0; }
static mv_status binary(bench *b) {
    mv_threshold_opt opt = {0};
    opt.binary = 1;
    return mv_threshold(b->ctx, &b->out, &b->in, 300, INFINITY, &opt);
}
static double want_binary(const bench *b, size_t i) { return at(b, i) >= 300; }
static mv_status gamma_map(bench *b) { return mv_gamma(b->ctx, &b->out, &b->in, 0.7, NULL); }
static mv_status gamma_f32(bench *b) { return mv_gamma_f32(b->ctx, OUT_F32, IN_F32, count(b), 0.7, NULL); }
static double want_gamma(const bench *b, size_t i) { return pow(fmax(at(b, i), 0), 0.7); }

const bench_row rows_intensity[] = {
    {"stats", MEDVOL_F32, stats, want_stats, 1e-9, .floor = "r"},
    {"stats", MEDVOL_I16, stats, want_stats, 1e-9, .floor = "r"},
    {"stats", MEDVOL_U8, stats, want_stats, 1e-9, .floor = "r"},
    {"stats, masked", MEDVOL_F32, stats_masked, want_stats, 1e-9, .floor = "ra", .setup = mask_setup},
    {"stats of an f32 array", MEDVOL_F32, stats_f32, want_stats, 1e-9, .floor = "r"},
    {"stats of an array", MEDVOL_U16, stats_array, want_stats, 1e-9, .floor = "r"},
    {"stats, by chunks", MEDVOL_F32, stats_parts, want_stats, 1e-9, .floor = "r", .setup = parts_setup},
    {"percentiles", MEDVOL_F32, percentiles, want_ranks, 1e-9, .floor = "rrr"},
    {"percentiles", MEDVOL_I16, percentiles, want_ranks, .floor = "r"},
    {"percentiles of an f32 array", MEDVOL_F32, percentiles_f32, want_ranks, 1e-9, .floor = "rrr"},
    {"percentiles of an array", MEDVOL_U8, percentiles_array, want_ranks, .floor = "r"},
    {"median", MEDVOL_F32, median, want_ranks, 1e-9, .floor = "rrr"},
    {"median absolute deviation", MEDVOL_F32, mad, .check = check_mad, .floor = "rrrr"},
    {"histogram", MEDVOL_F32, histogram, want_bins, .floor = "r"},
    {"histogram", MEDVOL_I16, histogram, want_bins, .floor = "r"},
    {"histogram of an f32 array", MEDVOL_F32, histogram_f32, want_bins, .floor = "r"},
    {"histogram, two halves", MEDVOL_F32, histogram_halves, want_bins, .floor = "r"},
    {"otsu", MEDVOL_F32, otsu, want_otsu, 1e-12, .setup = otsu_setup, .most = 1},
    {"znorm", MEDVOL_F32, znorm, want_znorm, 1e-6, .floor = "rc"},
    {"znorm", MEDVOL_I16, znorm, want_znorm, 1e-6, .floor = "rm"},
    {"znorm, new memory", MEDVOL_F32, znorm_new, want_znorm, 1e-6, .floor = "rc"},
    {"znorm, in place", MEDVOL_F32, znorm_place, want_znorm, 1e-6, .floor = "rp", .setup = copy_in},
    {"znorm of an f32 array", MEDVOL_F32, znorm_f32, want_znorm, 1e-6, .floor = "rc", .setup = like_in},
    {"rescale", MEDVOL_F32, rescale, want_rescale, 1e-6, .floor = "rc"},
    {"rescale", MEDVOL_U8, rescale, want_rescale, 1e-6, .floor = "rm"},
    {"rescale of an f32 array", MEDVOL_F32, rescale_f32, want_rescale, 1e-6, .floor = "rc", .setup = like_in},
    {"rescale, percentiles", MEDVOL_F32, rescale_percentile, want_percentile, 1e-6, .floor = "rrrc"},
    {"linear", MEDVOL_F32, linear, want_linear, 1e-6, .floor = "c"},
    {"linear of an f32 array", MEDVOL_F32, linear_f32, want_linear, 1e-6, .floor = "c", .setup = like_in},
    {"clamp", MEDVOL_F32, clamp, want_clamp, .floor = "c"},
    {"clamp", MEDVOL_I16, clamp, want_clamp, .floor = "c"},
    {"clamp of an f32 array", MEDVOL_F32, clamp_f32, want_clamp, .floor = "c", .setup = like_in},
    {"threshold", MEDVOL_F32, threshold, want_threshold, .floor = "c"},
    {"threshold of an f32 array", MEDVOL_F32, threshold_f32, want_threshold, .floor = "c", .setup = like_in},
    {"threshold, binary", MEDVOL_F32, binary, want_binary, .floor = "m"},
    {"gamma", MEDVOL_F32, gamma_map, want_gamma, 1e-6, .floor = "c"},
    {"gamma of an f32 array", MEDVOL_F32, gamma_f32, want_gamma, 1e-6, .floor = "c", .setup = like_in},
    {0},
};
