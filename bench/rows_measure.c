/* rows_measure.c - how alike two images, labels, borders, fields or lists of points are. */
#define BENCH_MARK_CALLS
#include "bench.h"

static const double mm = 0.9;
static size_t voxels(const bench *b) { return b->side * b->side * b->side; }
static double first(const bench *b, size_t i) { return bench_value(&b->in, i); }
static double second(const bench *b, size_t i) { return bench_value(&b->aux[0], i); }
static int apart(double x, double y, double tolerance) { return !(fabs(x - y) <= tolerance * fabs(y)); }

/* ---- images: the other one is darker, in one half by far, and has more noise ---- */
static mv_status images(bench *b) {
    mv_status st = mv_volume_alloc(b->ctx, &b->aux[0], b->in.dtype, 3, b->in.dim);
    uint32_t seed = 3;
    size_t i;
    if (st < 0) return st;
    memcpy(b->aux[0].affine, b->in.affine, sizeof b->in.affine);
    for (i = 0; i < voxels(b); i++) {
        double x = first(b, i) * (i % b->side < b->side / 2 ? 0.2 : 0.8);
        seed = seed * 1664525u + 1013904223u;
        x += 40.0 * (double)(seed >> 8) / 16777216.0;
        if (b->in.dtype == MEDVOL_F32) ((float *)b->aux[0].data)[i] = (float)x;
        else ((int16_t *)b->aux[0].data)[i] = (int16_t)x;
    }
    return MEDVOL_OK;
}
static mv_status measure(bench *b, unsigned what, mv_image_metrics *m) {
    mv_metric_opt o = {0};
    o.what = what;
    return mv_metric_image(b->ctx, m, &b->in, &b->aux[0], &o);
}
static mv_status squares(bench *b) {
    mv_image_metrics m;
    mv_status st = measure(b, 0, &m);
    b->numbers = 4;
    if (st >= 0) b->number[0] = m.mse, b->number[1] = m.mae, b->number[2] = m.psnr, b->number[3] = m.ncc;
    return st;
}
static int check_squares(bench *b) {
    const double n = (double)voxels(b);
    double mse = 0, mae = 0, ma = 0, mb = 0, aa = 0, bb = 0, ab = 0, lo = HUGE_VAL, hi = -HUGE_VAL;
    size_t i;
    for (i = 0; i < voxels(b); i++) {
        const double x = first(b, i), y = second(b, i);
        ma += x / n, mb += y / n, mse += (x - y) * (x - y) / n, mae += fabs(x - y) / n;
        lo = fmin(lo, x), hi = fmax(hi, x);
    }
    for (i = 0; i < voxels(b); i++) {
        const double x = first(b, i) - ma, y = second(b, i) - mb;
        aa += x * x, bb += y * y, ab += x * y;
    }
    return apart(b->number[0], mse, 1e-9) || apart(b->number[1], mae, 1e-9) ||
        apart(b->number[2], 10 * log10((hi - lo) * (hi - lo) / mse), 1e-9) ||
        apart(b->number[3], ab / sqrt(aa * bb), 1e-9);
}
static mv_status information(bench *b) {
    mv_image_metrics m;
    mv_status st = measure(b, MEDVOL_METRIC_MI | MEDVOL_METRIC_NMI, &m);
    b->numbers = 2;
    if (st >= 0) b->number[0] = m.mi, b->number[1] = m.nmi;
    return st;
}
static int check_information(bench *b) {
    enum { BINS = 64 };
    static double joint[BINS][BINS], of_a[BINS], of_b[BINS];
    double lo[2] = {HUGE_VAL, HUGE_VAL}, hi[2] = {-HUGE_VAL, -HUGE_VAL}, ha = 0, hb = 0, hab = 0;
    size_t i;
    int j, k;
    memset(joint, 0, sizeof joint), memset(of_a, 0, sizeof of_a), memset(of_b, 0, sizeof of_b);
    for (i = 0; i < voxels(b); i++) {
        lo[0] = fmin(lo[0], first(b, i)), hi[0] = fmax(hi[0], first(b, i));
        lo[1] = fmin(lo[1], second(b, i)), hi[1] = fmax(hi[1], second(b, i));
    }
    for (i = 0; i < voxels(b); i++) {
        j = (int)((first(b, i) - lo[0]) * BINS / (hi[0] - lo[0]));
        k = (int)((second(b, i) - lo[1]) * BINS / (hi[1] - lo[1]));
        joint[j < BINS ? j : BINS - 1][k < BINS ? k : BINS - 1] += 1 / (double)voxels(b);
    }
    for (j = 0; j < BINS; j++)
        for (k = 0; k < BINS; k++) of_a[j] += joint[j][k], of_b[k] += joint[j][k];
    for (j = 0; j < BINS; j++) {
        if (of_a[j] > 0) ha -= of_a[j] * log(of_a[j]);
        if (of_b[j] > 0) hb -= of_b[j] * log(of_b[j]);
        for (k = 0; k < BINS; k++)
            if (joint[j][k] > 0) hab -= joint[j][k] * log(joint[j][k]);
    }
    return apart(b->number[0], ha + hb - hab, 1e-7) || apart(b->number[1], (ha + hb) / hab, 1e-7);
}

/* ---- windows: weighted sums of 1, a, b, aa, bb, ab, axis by axis, a ring of planes along z ---- */
enum { SUMS = 6, TAPS = 11 };
typedef struct window {
    int r;
    double w[TAPS];
    double *row, *ring; /* of 3 rows of 6 sums; 2 r + 1 planes of them */
} window;
static void window_plane(const bench *b, const window *t, size_t z) {
    const ptrdiff_t n = (ptrdiff_t)b->side;
    double *plane = t->ring + z % (size_t)(2 * t->r + 1) * SUMS * b->side * b->side;
    ptrdiff_t x, y;
    int k, s;
    memset(plane, 0, SUMS * b->side * b->side * sizeof *plane);
    for (y = 0; y < n; y++) {
        memset(t->row, 0, SUMS * b->side * sizeof *t->row);
        for (x = 0; x < n; x++) {
            const size_t i = (size_t)(x + n * (y + n * (ptrdiff_t)z));
            const double p = first(b, i), q = second(b, i), v[SUMS] = {1, p, q, p * p, q * q, p * q};
            for (k = -t->r; k <= t->r; k++)
                for (s = 0; x + k >= 0 && x + k < n && s < SUMS; s++)
                    t->row[SUMS * (x + k) + s] += t->w[k + t->r] * v[s];
        }
        for (k = -t->r; k <= t->r; k++)
            for (x = 0; y + k >= 0 && y + k < n && x < SUMS * n; x++)
                plane[SUMS * n * (y + k) + x] += t->w[k + t->r] * t->row[x];
    }
}
/* mean of `one` over the voxels at least `edge` from each border */
static double window_mean(const bench *b, window *t, int edge,
    double (*one)(const double *sum, const double *p), const double *p) {
    const ptrdiff_t n = (ptrdiff_t)b->side;
    double total = 0, count = 0;
    ptrdiff_t x, y, z;
    int k, s;
    t->row = (double *)malloc(SUMS * b->side * sizeof *t->row);
    t->ring = (double *)malloc((size_t)(2 * t->r + 1) * SUMS * b->side * b->side * sizeof *t->ring);
    if (!t->row || !t->ring) exit(1);
    for (z = 0; z < n + t->r; z++) {
        const ptrdiff_t mid = z - t->r;
        if (z < n) window_plane(b, t, (size_t)z);
        for (y = edge; mid >= edge && mid < n - edge && y < n - edge; y++)
            for (x = edge; x < n - edge; x++) {
                double sum[SUMS] = {0};
                for (k = -t->r; k <= t->r; k++)
                    for (s = 0; mid + k >= 0 && mid + k < n && s < SUMS; s++)
                        sum[s] += t->w[k + t->r] *
                            t->ring[SUMS * ((mid + k) % (2 * t->r + 1) * n * n + y * n + x) + s];
                total += one(sum, p), count++;
            }
    }
    free(t->row), free(t->ring);
    return total / count;
}
static double lncc_of(const double *s, const double *p) { /* p: variances below which a window is flat */
    const double a = s[3] - s[1] * s[1] / s[0], b = s[4] - s[2] * s[2] / s[0], ab = s[5] - s[1] * s[2] / s[0];
    return a / s[0] < p[0] || b / s[0] < p[0] ? 0 : ab * ab / (a * b);
}
static mv_status lncc(bench *b) {
    mv_image_metrics m;
    mv_status st = measure(b, MEDVOL_METRIC_LNCC, &m);
    b->numbers = 1;
    if (st >= 0) b->number[0] = m.lncc;
    return st;
}
static int check_lncc(bench *b) { /* noise everywhere: no window is flat */
    const double flat = 1e-6;
    window t = {2, {1, 1, 1, 1, 1}, NULL, NULL};
    return apart(b->number[0], window_mean(b, &t, 0, lncc_of, &flat), 1e-7);
}
static mv_status local_map(bench *b) { return mv_ncc_map(b->ctx, &b->out, &b->in, &b->aux[0], NULL); }
static double want_local(const bench *b, size_t i) {
    const ptrdiff_t n = (ptrdiff_t)b->side, at = (ptrdiff_t)i, c[3] = {at % n, at / n % n, at / n / n};
    double s[SUMS] = {0};
    ptrdiff_t x, y, z;
    for (z = c[2] - 2; z <= c[2] + 2; z++)
        for (y = c[1] - 2; y <= c[1] + 2; y++)
            for (x = c[0] - 2; x <= c[0] + 2; x++) {
                double p, q;
                if (x < 0 || y < 0 || z < 0 || x >= n || y >= n || z >= n) continue;
                p = first(b, (size_t)(x + n * (y + n * z))), q = second(b, (size_t)(x + n * (y + n * z)));
                s[0]++, s[1] += p, s[2] += q, s[3] += p * p, s[4] += q * q, s[5] += p * q;
            }
    return (s[5] - s[1] * s[2] / s[0]) /
        sqrt((s[3] - s[1] * s[1] / s[0]) * (s[4] - s[2] * s[2] / s[0]));
}
static double ssim_of(const double *s, const double *p) { /* p: C1, C2 */
    const double a = s[1] / s[0], b = s[2] / s[0], aa = s[3] / s[0] - a * a, bb = s[4] / s[0] - b * b;
    return (2 * a * b + p[0]) * (2 * (s[5] / s[0] - a * b) + p[1]) /
        ((a * a + b * b + p[0]) * (aa + bb + p[1]));
}
static mv_status ssim(bench *b) {
    mv_image_metrics m;
    mv_status st = measure(b, MEDVOL_METRIC_SSIM, &m);
    b->numbers = 1;
    if (st >= 0) b->number[0] = m.ssim;
    return st;
}
static int check_ssim(bench *b) {
    window t = {5, {0}, NULL, NULL};
    double lo = HUGE_VAL, hi = -HUGE_VAL, c[2];
    size_t i;
    int k;
    for (k = -5; k <= 5; k++) t.w[k + 5] = exp(-k * k / (2 * 1.5 * 1.5));
    for (i = 0; i < voxels(b); i++) lo = fmin(lo, first(b, i)), hi = fmax(hi, first(b, i));
    c[0] = pow(0.01 * (hi - lo), 2), c[1] = pow(0.03 * (hi - lo), 2);
    return apart(b->number[0], window_mean(b, &t, 5, ssim_of, c), 1e-7);
}

/* ---- masks: an egg with dents, moved along x and y by a few voxels ---- */
static uint8_t egg(const bench *b, size_t i, double move) {
    const double n = (double)b->side, x = ((double)(i % b->side) - move) / n - 0.5,
                 y = ((double)(i / b->side % b->side) - 0.5 * move) / n - 0.5,
                 z = (double)(size_t)(i / (b->side * b->side)) / n - 0.5;
    return x * x / 0.09 + y * y / 0.14 + z * z / 0.11 + 0.1 * sin(25 * x) * sin(22 * y) * cos(20 * z) < 1;
}
static mv_status eggs(bench *b) {
    mv_status st = mv_volume_copy(b->ctx, &b->aux[0], &b->in);
    size_t i;
    for (i = 0; st >= 0 && i < voxels(b); i++) {
        ((uint8_t *)b->in.data)[i] = egg(b, i, 0);
        ((uint8_t *)b->aux[0].data)[i] = egg(b, i, 0.03 * (double)b->side);
    }
    return st;
}
/* How far is the nearest voxel for which `is` says yes? Cubes about i until none can be nearer. */
typedef int (*question)(const void *of, size_t i);
static double nearest(const bench *b, size_t i, question is, const void *of) {
    const ptrdiff_t n = (ptrdiff_t)b->side, at = (ptrdiff_t)i;
    const ptrdiff_t p[3] = {at % n, at / n % n, at / n / n};
    ptrdiff_t r, x, y, z;
    double best = HUGE_VAL;
    for (r = 0; r < n && (double)(r * r) < best; r++)
        for (z = p[2] - r; z <= p[2] + r; z++)
            for (y = p[1] - r; y <= p[1] + r; y++) {
                const int face = labs((long)(z - p[2])) == r || labs((long)(y - p[1])) == r;
                if (z < 0 || y < 0 || z >= n || y >= n) continue;
                for (x = p[0] - r; x <= p[0] + r; x += face || r == 0 ? 1 : 2 * r) {
                    const double d = (double)((x - p[0]) * (x - p[0]) + (y - p[1]) * (y - p[1]) +
                        (z - p[2]) * (z - p[2]));
                    if (x >= 0 && x < n && d < best && is(of, (size_t)(x + n * (y + n * z)))) best = d;
                }
            }
    return mm * sqrt(best);
}
static const double bright = 250;
static int is_bright(const void *of, size_t i) { return ((const float *)of)[i] > bright; }
static int is_set(const void *of, size_t i) { return ((const uint8_t *)of)[i] != 0; }
static int is_not(const void *of, size_t i) { return ((const uint8_t *)of)[i] == 0; }
static mv_status distance(bench *b, int mode, double threshold) {
    mv_distance_opt o = {0};
    o.mode = mode, o.threshold = threshold;
    return mv_distance(b->ctx, &b->out, &b->in, &o);
}
static mv_status to_bright(bench *b) { return distance(b, MEDVOL_DISTANCE_OUTSIDE, bright); }
static mv_status within(bench *b) { return distance(b, MEDVOL_DISTANCE_INSIDE, 0); }
static mv_status either_way(bench *b) { return distance(b, MEDVOL_DISTANCE_SIGNED, 0); }
static int check_distance(bench *b, question outside, question inside) { /* of some 500 voxels */
    size_t i;
    for (i = 0; i < voxels(b); i += voxels(b) / 500 + 1) {
        double d = outside ? nearest(b, i, outside, b->in.data) : 0;
        if (inside) d += (outside ? -1 : 1) * nearest(b, i, inside, b->in.data);
        if (!(fabs(bench_value(&b->out, i) - d) <= 1e-6 * fabs(d))) return 1;
    }
    return 0;
}
static int check_bright(bench *b) { return check_distance(b, is_bright, NULL); }
static int check_within(bench *b) { return check_distance(b, NULL, is_not); }
static int check_signed(bench *b) { return check_distance(b, is_set, is_not); }

/* ---- borders ---- */
static uint8_t *border_of(const bench *b, const mv_volume *v) {
    const uint8_t *m = (const uint8_t *)v->data;
    const size_t n = b->side;
    uint8_t *on = (uint8_t *)calloc(voxels(b), 1);
    size_t i, step, d;
    if (!on) exit(1);
    for (i = 0; i < voxels(b); i++)
        for (step = 1, d = 0; m[i] && d < 3; d++, step *= n) {
            const size_t x = i / step % n;
            on[i] |= x == 0 || x == n - 1 || !m[i - step] || !m[i + step];
        }
    return on;
}
static int by_value(const void *a, const void *b) {
    const double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}
static double percentile(const double *sorted, size_t n, double share) {
    const double at = share * (double)(n - 1);
    const size_t k = (size_t)at;
    return k + 1 < n ? sorted[k] + (at - (double)k) * (sorted[k + 1] - sorted[k]) : sorted[n - 1];
}
static const double tolerance = 1.5;
static mv_status surface(bench *b) {
    mv_surface_metrics m;
    mv_surface_opt o = {0};
    mv_status st;
    o.tolerance = tolerance;
    st = mv_metric_surface(b->ctx, &m, &b->in, &b->aux[0], &o);
    b->numbers = 6;
    if (st < 0) return st;
    b->number[0] = (double)m.border_a, b->number[1] = (double)m.border_b, b->number[2] = m.hausdorff;
    b->number[3] = m.percentile, b->number[4] = m.assd, b->number[5] = m.surface_dice;
    return st;
}
static int check_surface(bench *b) {
    uint8_t *on[2];
    double most = 0, part = 0, sum = 0, close = 0, all = 0;
    int k, bad = 0;
    on[0] = border_of(b, &b->in), on[1] = border_of(b, &b->aux[0]);
    for (k = 0; k < 2; k++) {
        double *d = (double *)malloc(voxels(b) * sizeof *d);
        size_t n = 0, i;
        if (!d) exit(1);
        for (i = 0; i < voxels(b); i++)
            if (on[k][i]) d[n++] = nearest(b, i, is_set, on[!k]);
        if (n == 0) exit(1);
        qsort(d, n, sizeof *d, by_value);
        for (i = 0; i < n; i++) sum += d[i], close += d[i] <= tolerance;
        most = fmax(most, d[n - 1]), part = fmax(part, percentile(d, n, 0.95)), all += (double)n;
        bad |= b->number[k] != (double)n;
        free(d);
    }
    free(on[0]), free(on[1]);
    return bad || apart(b->number[2], most, 1e-6) || apart(b->number[3], part, 1e-6) ||
        apart(b->number[4], sum / all, 1e-6) || apart(b->number[5], close / all, 1e-9);
}

/* ---- labels: a hundred in cubes of 12 voxels within the eggs ---- */
enum { LABELS = 100 };
static uint8_t parcel(const bench *b, size_t i) {
    const size_t n = b->side;
    const uint32_t h = (uint32_t)(i % n / 12 + 31 * (i / n % n / 12) + 977 * (i / n / n / 12)) * 2654435761u;
    return (uint8_t)(1 + (h >> 16) % LABELS);
}
static mv_status parcels(bench *b) {
    mv_status st = eggs(b);
    size_t i;
    for (i = 0; st >= 0 && i < voxels(b); i++) {
        ((uint8_t *)b->in.data)[i] = (uint8_t)(((uint8_t *)b->in.data)[i] * parcel(b, i));
        ((uint8_t *)b->aux[0].data)[i] = (uint8_t)(((uint8_t *)b->aux[0].data)[i] * parcel(b, i ? i - 1 : 0));
    }
    b->own = calloc(LABELS, sizeof(mv_label_metrics));
    return st < 0 ? st : b->own ? MEDVOL_OK : MEDVOL_E_NOMEM;
}
static void drop_own(bench *b) { free(b->own); }
static mv_status labels(bench *b) {
    size_t count = 0;
    double mean = 0;
    mv_status st = mv_metric_labels(b->ctx, (mv_label_metrics *)b->own, LABELS, &count, &mean, &b->in,
        &b->aux[0], NULL);
    b->numbers = 2;
    b->number[0] = (double)count, b->number[1] = mean;
    return st;
}
static int check_labels(bench *b) {
    static double in_a[256], in_b[256], both[256], at[256][3];
    const mv_label_metrics *m = (const mv_label_metrics *)b->own;
    const uint8_t *p = (const uint8_t *)b->in.data, *q = (const uint8_t *)b->aux[0].data;
    const size_t n = b->side;
    double mean = 0, count = 0;
    size_t i;
    int k, d;
    memset(in_a, 0, sizeof in_a), memset(in_b, 0, sizeof in_b);
    memset(both, 0, sizeof both), memset(at, 0, sizeof at);
    for (i = 0; i < voxels(b); i++) {
        const size_t slice = i / (n * n);
        const double x[3] = {(double)(i % n), (double)(i / n % n), (double)slice};
        in_a[p[i]]++, in_b[q[i]]++, both[p[i]] += p[i] == q[i];
        for (d = 0; d < 3; d++) at[p[i]][d] += mm * x[d] + b->in.affine[4 * d + 3];
    }
    for (k = 1; k < 256; k++) {
        if (in_a[k] + in_b[k] == 0) continue;
        if (count >= b->number[0] || m->label != k || m->both != (uint64_t)both[k] ||
            apart(m->dice, 2 * both[k] / (in_a[k] + in_b[k]), 1e-12))
            return 1;
        for (d = 0; in_a[k] > 0 && d < 3; d++)
            if (!(fabs(m->centroid_a[d] - at[k][d] / in_a[k]) < 1e-6)) return 1;
        mean += m->dice, count++, m++;
    }
    return b->number[0] != count || apart(b->number[1], mean / count, 1e-12);
}

/* ---- fields and points: aux[0] and aux[1] ---- */
static mv_status fields(bench *b) {
    mv_status st = bench_field(b, &b->aux[0], 0.03 * (double)b->side, 0);
    return st < 0 ? st : bench_field(b, &b->aux[1], 0.03 * (double)b->side, 0.3);
}
static mv_status five(bench *b, const mv_error_metrics *m, mv_status st) {
    b->numbers = 5;
    if (st < 0) return st;
    b->number[0] = m->mean, b->number[1] = m->median, b->number[2] = m->p95, b->number[3] = m->max;
    b->number[4] = m->rms;
    return st;
}
static mv_status field_error(bench *b) {
    mv_error_metrics m;
    mv_status st = mv_metric_field(b->ctx, &m, &b->aux[0], &b->aux[1], NULL);
    return five(b, &m, st);
}
static int check_errors(bench *b) {
    const size_t n = mv_volume_count(&b->aux[0]) / 3;
    double *d = (double *)malloc(n * sizeof *d), sum = 0, square = 0;
    size_t i, c;
    int bad;
    if (!d) exit(1);
    for (i = 0; i < n; i++) {
        for (d[i] = 0, c = 0; c < 3; c++)
            d[i] += pow(bench_value(&b->aux[0], c * n + i) - bench_value(&b->aux[1], c * n + i), 2);
        square += d[i], sum += d[i] = sqrt(d[i]);
    }
    qsort(d, n, sizeof *d, by_value);
    bad = apart(b->number[0], sum / (double)n, 1e-6) || apart(b->number[1], percentile(d, n, 0.5), 1e-6) ||
        apart(b->number[2], percentile(d, n, 0.95), 1e-6) || apart(b->number[3], d[n - 1], 1e-6) ||
        apart(b->number[4], sqrt(square / (double)n), 1e-6);
    free(d);
    return bad;
}
static mv_status lists(bench *b) { /* a third of the voxels as points */
    const size_t total = voxels(b) / 3 * 3;
    uint32_t seed = 5;
    size_t i;
    int k;
    for (k = 0; k < 2; k++) {
        mv_status st = mv_volume_alloc(b->ctx, &b->aux[k], MEDVOL_F64, 1, &total);
        if (st < 0) return st;
        for (i = 0; i < total; i++) {
            seed = seed * 1664525u + 1013904223u;
            ((double *)b->aux[k].data)[i] = 100.0 * (double)seed / 4294967296.0;
        }
    }
    return MEDVOL_OK;
}
static mv_status point_error(bench *b) {
    const size_t n = voxels(b) / 3;
    const double *p = (const double *)b->aux[0].data, *q = (const double *)b->aux[1].data;
    mv_error_metrics m;
    mv_status st = mv_metric_points(b->ctx, &m, p, p + n, p + 2 * n, q, q + n, q + 2 * n, n);
    return five(b, &m, st);
}

/* Multiply-adds a voxel: seven sums in double for the squares, two for the bins of both; five running sums
   along three axes (one value in, one out) and ten for r^2; of SSIM eleven taps in their place. Distances:
   one comparison an axis and way. Fields: three differences, three squares, a point's in double. */
#define ROW(name, dtype, bytes, count, how, run, right)                                                      \
    {name, dtype, run, .check = right, .floor = bytes, .fma = count, .setup = how}
const bench_row rows_measure[] = {
    ROW("mse, mae, psnr, ncc", MEDVOL_F32, "ra", 14, images, squares, check_squares),
    ROW("mse, mae, psnr, ncc", MEDVOL_I16, "ra", 14, images, squares, check_squares),
    ROW("mutual information", MEDVOL_F32, "ra", 2, images, information, check_information),
    ROW("local correlation", MEDVOL_F32, "ra", 40, images, lncc, check_lncc),
    {"local correlation, a map", MEDVOL_F32, local_map, want_local, 1e-5, .floor = "raw", .fma = 40,
        .setup = images},
    ROW("ssim", MEDVOL_F32, "ra", 180, images, ssim, check_ssim),
    ROW("distance to bright voxels", MEDVOL_F32, "c", 6, NULL, to_bright, check_bright),
    ROW("distance within a mask", MEDVOL_U8, "m", 6, eggs, within, check_within),
    ROW("distance, signed", MEDVOL_U8, "m", 12, eggs, either_way, check_signed),
    ROW("surface distances", MEDVOL_U8, "ra", 0, eggs, surface, check_surface),
    {"overlap of 100 labels", MEDVOL_U8, labels, .check = check_labels, .floor = "ra", .setup = parcels,
        .done = drop_own},
    ROW("error of a field", MEDVOL_F32, "ab", 6, fields, field_error, check_errors),
    ROW("error of points", MEDVOL_F32, "ab", 4, lists, point_error, check_errors),
    {0},
};
#undef ROW
