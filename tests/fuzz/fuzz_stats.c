/* fuzz_stats.c - correlations, fits, chi-squared of volumes of any sort, angles of any value. */
#include "fuzz.h"

static mv_volume second, third;
static float numbers[2][4096];
static const mv_volume *other(fz_step *s, int k) { /* of the source's shape or 1 along an axis, mostly */
    mv_volume *v = k ? &third : &second;
    size_t i, dim[7], n = mv_volume_count(s->src);
    if (fz_byte() > 230 || n > 4096 || !s->src->data) return s->src;
    for (i = 0; i < 4096; i++) numbers[k][i] = (float)(fz_noise() % 50) * 0.1f;
    if (fz_byte() > 220) numbers[k][fz_byte() % 64] = (float)fz_number();
    for (i = 0; i < 7; i++) dim[i] = i < (size_t)s->src->ndim ? s->src->dim[i] : 1;
    if (fz_byte() > 180) dim[fz_byte() % 4] = 1;
    return mv_volume_wrap(s->ctx, v, numbers[k], MEDVOL_F32, s->src->ndim, dim, NULL) < 0 ? s->src : v;
}
static int some_split(fz_step *s) { /* results: at most 64 */
    const int d = fz_byte() > 128 ? (int)(fz_byte() % 9) - 1 : 0;
    return d > 0 && d <= 7 && d <= s->src->ndim && s->src->dim[d - 1] > 64 ? 0 : d;
}
static size_t results(const fz_step *s, int split) { return split > 0 ? s->src->dim[split - 1] : 1; }
static mv_status op_ncc(fz_step *s) {
    mv_correlation c[64];
    mv_ncc_opt o;
    mv_status st;
    size_t i;
    memset(&o, 0, sizeof o);
    if (fz_byte() > 160) o.mask = other(s, 1);
    else if (fz_byte() > 128) o.weights = other(s, 1);
    o.split = some_split(s);
    st = mv_ncc(s->ctx, c, s->src, other(s, 0), &o);
    for (i = 0; st == MEDVOL_OK && i < results(s, o.split); i++) {
        MUST(!(fabs(c[i].r) > 1) && !(c[i].sd_a < 0) && (c[i].flags == 0 || c[i].r != c[i].r));
        s->hash = fz_hash(s->hash, &c[i], sizeof *c);
    }
    return st;
}
static mv_status op_gain(fz_step *s) {
    mv_gain_offset g[64];
    mv_gain_opt o;
    mv_status st;
    size_t i;
    memset(&o, 0, sizeof o);
    if (fz_byte() > 160) o.mask = other(s, 1);
    else if (fz_byte() > 128) o.weights = other(s, 1);
    o.split = some_split(s), o.known = (int)(fz_byte() & 1);
    st = mv_fit_gain_offset(s->ctx, g, s->src, other(s, 0), &o);
    for (i = 0; st == MEDVOL_OK && i < results(s, o.split); i++) {
        MUST(!(g[i].residual < 0) && !(g[i].var_gain < 0) && !(fabs(g[i].r) > 1));
        s->hash = fz_hash(s->hash, &g[i], sizeof *g);
    }
    return st;
}
static mv_chi2_opt asked(fz_step *s, int *split) {
    static double sigmas[64];
    mv_chi2_opt o;
    size_t i;
    memset(&o, 0, sizeof o);
    for (i = 0; i < 64; i++) sigmas[i] = 1 + (double)(fz_noise() % 9);
    if (fz_byte() > 230) sigmas[fz_byte() % 8] = fz_number();
    o.split = *split = some_split(s);
    if (fz_byte() > 160) o.sigma_map = other(s, 1);
    else if (fz_byte() > 128) o.sigmas = sigmas;
    else o.sigma = fz_byte() > 200 ? fz_number() : 2;
    o.fitted = fz_byte() % 5, o.reduced = (int)(fz_byte() & 1);
    return o;
}
static mv_status op_chi2(fz_step *s) {
    mv_chi2_sum c[64];
    int split;
    const mv_chi2_opt o = asked(s, &split);
    const mv_status st = mv_chi2(s->ctx, c, s->src, fz_byte() & 1 ? other(s, 0) : NULL, &o);
    size_t i;
    for (i = 0; st == MEDVOL_OK && i < results(s, split); i++) {
        MUST(!(c[i].chi2 < 0) && c[i].count + c[i].skipped <= mv_volume_count(s->src));
        s->hash = fz_hash(s->hash, &c[i], sizeof *c);
    }
    return st;
}
static mv_status op_map(fz_step *s) {
    int split;
    uint64_t skipped = 0;
    mv_chi2_opt o = asked(s, &split);
    size_t frames = 1;
    int d;
    for (d = 3; d < s->src->ndim && d < 7; d++) frames *= s->src->dim[d];
    if (frames > 64) o.sigmas = NULL;
    o.skipped = &skipped;
    return mv_chi2_map(s->ctx, s->dst, s->src, fz_byte() & 1 ? other(s, 0) : NULL, &o);
}
static mv_status op_arrays(fz_step *s) {
    double x[3][40];
    float f[3][40];
    mv_correlation c[4];
    mv_gain_offset g[4];
    const size_t n = fz_byte() % 11;
    size_t i, k;
    mv_status st;
    for (k = 0; k < 3; k++)
        for (i = 0; i < 40; i++)
            x[k][i] = fz_byte() > 240 ? fz_number() : (double)(fz_noise() % 9), f[k][i] = (float)x[k][i];
    st = mv_pearson_f64(s->ctx, c, x[0], x[1], fz_byte() & 1 ? x[2] : NULL, n * 4);
    if (st == MEDVOL_OK) MUST(!(fabs(c[0].r) > 1) && c[0].count + c[0].skipped <= n * 4);
    st = mv_pearson_f32(s->ctx, c, f[0], f[1], fz_byte() & 1 ? f[2] : NULL, n * 4);
    if (st == MEDVOL_OK) MUST(!(fabs(c[0].r) > 1));
    st = mv_pearson_rows_f32(s->ctx, c, f[0], 4, f[1], n);
    for (k = 0; st == MEDVOL_OK && k < 4; k++) MUST(!(fabs(c[k].r) > 1) && c[k].count + c[k].skipped == n);
    return mv_fit_gain_offset_f32(s->ctx, g, f[0], 4, f[1], (int)(fz_byte() & 1), NULL, n);
}
static mv_status op_lags(fz_step *s) {
    double x[2][60], r[61 * 5];
    float f[2][60];
    const size_t n = fz_byte() > 250 ? fz_size() : fz_byte() % 21, rows = fz_byte() % 4;
    const size_t lags = fz_byte() > 250 && n * rows > 60 ? fz_size() : fz_byte() % 25, least = fz_size();
    size_t i, k;
    mv_status st;
    for (k = 0; k < 2; k++)
        for (i = 0; i < 60; i++)
            x[k][i] = fz_byte() > 240 ? fz_number() : (double)(fz_noise() % 4), f[k][i] = (float)x[k][i];
    if (n * rows > 60 || n > 60) return MEDVOL_OK; /* more than there is */
    st = mv_pearson_lags_f64(s->ctx, r, x[0], x[1], rows, n, lags, least);
    for (i = 0; st == MEDVOL_OK && i < rows * (2 * lags + 1); i++) MUST(!(fabs(r[i]) > 1));
    st = mv_pearson_lags_f32(s->ctx, r, f[0], f[1], rows, n, lags, least);
    for (i = 0; st == MEDVOL_OK && i < rows * (2 * lags + 1); i++) MUST(!(fabs(r[i]) > 1));
    if (st == MEDVOL_OK) s->hash = fz_hash(s->hash, r, rows * (2 * lags + 1) * sizeof *r);
    return st;
}
static mv_status op_angles(fz_step *s) {
    double x[100];
    uint32_t index[100];
    uint8_t bits[13];
    mv_angle_range r[70];
    mv_angle_opt o;
    const size_t n = fz_byte() % 101, m = fz_byte() % (fz_byte() > 200 ? 71 : 4);
    size_t i, count = 0, set = 0;
    mv_status st;
    for (i = 0; i < 100; i++) x[i] = fz_byte() > 230 ? fz_number() : (double)(fz_noise() % 4000) * 0.25 - 500;
    for (i = 0; i < 70; i++) {
        r[i].lo = (double)(fz_noise() % 400) - 200, r[i].hi = r[i].lo + (double)(fz_noise() % 40);
        if (fz_byte() > 250) r[i].hi = fz_number();
    }
    o.period = fz_byte() > 240 ? fz_number() : 180.0 * (double)(fz_byte() % 3);
    o.half_open = (int)(fz_byte() & 1);
    st = mv_angle_select(s->ctx, index, bits, &count, x, n, r, m, &o);
    if (st < 0) return st;
    for (i = 0; i < n; i++)
        if (bits[i / 8] >> i % 8 & 1) {
            MUST(set < count && index[set] == i && x[i] - x[i] == 0);
            set++;
        }
    MUST(set == count);
    return st;
}
static const fz_op ops[] = {op_ncc, op_ncc, op_gain, op_chi2, op_map, op_map, op_arrays, op_angles,
    op_lags};
FUZZ(stats) { return fz_steps(p, n, ops, sizeof ops / sizeof *ops, 1 << 23); }
