/* fuzz_intensity.c - statistics, percentiles, histograms and maps, of volumes and of arrays, whole, masked
   and split. */
#include "fuzz.h"

enum { N = 512 };
static float fin[N], fout[N];
static uint8_t raw[N * 32], mask8[N];
static double note_d(fz_step *s, double x) {
    if (x != x) x = 12345; /* which NaN, nobody promises */
    s->hash = fz_hash(s->hash, &x, sizeof x);
    return x;
}
static size_t floats(void) { /* an array of numbers, some of them odd */
    size_t i, n = fz_byte() * 2u;
    unsigned odd = fz_byte() & 1;
    for (i = 0; i < n; i++) {
        fin[i] = (float)(fz_noise() & 0xffff) / 64.0f - 300.0f;
        mask8[i] = (uint8_t)(fz_noise() >> 10 & 1);
    }
    for (i = 0; odd && i < n; i += 7) fin[i] = (float)fmax(-3e38, fmin(3e38, fz_number()));
    return n;
}
static size_t array(mv_dtype *t, double *slope, double *inter) { /* noise of any type */
    size_t i, n = fz_byte() * 2u;
    *t = fz_type();
    *slope = fz_number(), *inter = fz_number();
    for (i = 0; i < n * mv_dtype_size(*t); i++) raw[i] = (uint8_t)(fz_noise() >> 20);
    for (i = 0; i < n; i++) mask8[i] = (uint8_t)(fz_noise() >> 10 & 1);
    return n;
}
/* a mask of the source's shape, of extent 1 along some axes, or of a wrong shape; free it */
static const mv_volume *mask(fz_step *s, mv_volume *m) {
    size_t dim[7], i;
    unsigned how = fz_byte(), flat = fz_byte();
    int d;
    memset(m, 0, sizeof *m);
    if (how < 128) return NULL;
    if (how < 160) return s->src;
    for (d = 0; d < 7; d++) dim[d] = flat >> d & 1 ? 1 : s->src->dim[d];
    if (how > 250) dim[0]++;
    if (mv_volume_alloc(s->ctx, m, how & 1 ? MEDVOL_U8 : MEDVOL_F32, s->src->ndim, dim) < 0) return NULL;
    for (i = 0; i < mv_volume_count(m) * mv_dtype_size(m->dtype); i++)
        ((uint8_t *)m->data)[i] = (uint8_t)(fz_noise() >> 10 & 1);
    return m;
}
static int split(void) { return (int)(fz_byte() % 9) - 1; }
/* the parts a split gives, 0: it is refused or there are too many */
static size_t parts(const fz_step *s, int d) {
    size_t n = d < 1 || d > s->src->ndim ? 1 : s->src->dim[d - 1];
    return n <= 64 ? n : 0;
}
static void note_stats(fz_step *s, const mv_statistics *t) {
    note_d(s, t->min), note_d(s, t->max), note_d(s, t->sum), note_d(s, t->mean), note_d(s, t->variance),
        note_d(s, t->rms);
    s->hash = fz_hash(s->hash, &t->count, 3 * sizeof t->count);
}
static mv_status op_stats(fz_step *s) {
    mv_statistics of[64];
    mv_stats_opt o;
    mv_volume m;
    mv_status st;
    size_t i, n;
    memset(&o, 0, sizeof o);
    o.nonzero = (int)(fz_byte() & 1);
    o.split = split();
    if ((n = parts(s, o.split)) == 0) n = 1, o.split = 0;
    o.mask = mask(s, &m);
    st = mv_stats(s->ctx, of, s->src, &o);
    for (i = 0; st == MEDVOL_OK && i < n; i++) note_stats(s, &of[i]);
    mv_volume_free(s->ctx, &m);
    return st;
}
static mv_status op_stats_array(fz_step *s) {
    mv_statistics a, b;
    mv_stats_part part[3];
    mv_stats_opt o;
    mv_dtype t;
    double slope, inter;
    size_t n;
    mv_status st;
    memset(&o, 0, sizeof o);
    o.nonzero = (int)(fz_byte() & 1);
    if (fz_byte() & 1) {
        n = floats();
        if (fz_byte() & 1) o.mask8 = mask8;
        st = mv_stats_f32(s->ctx, &a, fin, n, &o);
        if (st == MEDVOL_OK) note_stats(s, &a);
        return st;
    }
    n = array(&t, &slope, &inter);
    if (fz_byte() & 1) o.mask8 = mask8;
    st = mv_stats_array(s->ctx, &a, raw, t, n, slope, inter, &o);
    if (st < 0) return st;
    note_stats(s, &a);
    if ((st = mv_stats_partial(s->ctx, &part[0], raw, t, n, slope, inter, &o)) < 0) return st;
    MUST(mv_stats_fold(s->ctx, &b, part, 1) == MEDVOL_OK);
    MUST(!memcmp(&a, &b, sizeof a) || a.mean != a.mean || a.variance != a.variance || a.sum != a.sum);
    part[1] = part[2] = part[0];
    st = mv_stats_fold(s->ctx, &b, part, fz_byte() % 4);
    return st;
}
static size_t wanted(double *q) {
    size_t i;
    for (i = 0; i < 4; i++) q[i] = fz_number() * 12;
    return fz_byte() % 5;
}
static mv_status op_percentiles(fz_step *s) {
    double q[4], out[4 * 64];
    mv_percentile_opt o;
    mv_volume m;
    mv_status st;
    size_t i, n, nq = wanted(q);
    memset(&o, 0, sizeof o);
    o.nonzero = (int)(fz_byte() & 1), o.rule = (int)(fz_byte() % 6);
    o.split = split();
    if ((n = parts(s, o.split)) == 0) n = 1, o.split = 0;
    o.mask = mask(s, &m);
    if (fz_byte() & 1) st = mv_percentiles(s->ctx, out, s->src, q, nq, &o);
    else if (fz_byte() & 1) nq = 1, st = mv_median(s->ctx, out, s->src, &o);
    else nq = 1, st = mv_mad(s->ctx, out, out + 64, s->src, &o);
    for (i = 0; st == MEDVOL_OK && i < n * nq; i++) note_d(s, out[i]);
    mv_volume_free(s->ctx, &m);
    return st;
}
static mv_status op_percentiles_array(fz_step *s) {
    double q[4], out[4], slope, inter;
    mv_percentile_opt o;
    mv_dtype t;
    mv_status st;
    size_t i, n, nq = wanted(q);
    memset(&o, 0, sizeof o);
    o.nonzero = (int)(fz_byte() & 1), o.rule = (int)(fz_byte() % 6);
    if (fz_byte() & 1) o.mask8 = mask8;
    if (fz_byte() & 1) {
        n = floats();
        st = mv_percentiles_f32(s->ctx, out, fin, n, q, nq, &o);
    } else {
        n = array(&t, &slope, &inter);
        st = mv_percentiles_array(s->ctx, out, raw, t, n, slope, inter, q, nq, &o);
    }
    for (i = 0; st == MEDVOL_OK && i < nq; i++) note_d(s, out[i]);
    return st;
}
static mv_status op_histogram(fz_step *s) {
    uint64_t counts[50], again[50];
    double x, slope, inter;
    mv_hist h, two[2];
    mv_histogram_opt o;
    mv_volume m;
    mv_dtype t;
    mv_status st;
    size_t n;
    unsigned way = fz_byte() % 3;
    memset(&h, 0, sizeof h);
    memset(&o, 0, sizeof o);
    memset(&m, 0, sizeof m);
    h.counts = counts;
    h.bins = fz_byte() % 51;
    o.nonzero = (int)(fz_byte() & 1), o.clamp = (int)(fz_byte() & 1);
    o.lo = fz_number() * 30, o.hi = fz_number() * 30;
    if (way && fz_byte() & 1) o.mask8 = mask8;
    if (way == 0) {
        o.mask = mask(s, &m);
        st = mv_histogram(s->ctx, &h, s->src, &o);
        mv_volume_free(s->ctx, &m);
    } else if (way == 1) {
        n = floats();
        st = mv_histogram_f32(s->ctx, &h, fin, n, &o);
    } else {
        n = array(&t, &slope, &inter);
        st = mv_histogram_array(s->ctx, &h, raw, t, n, slope, inter, &o);
    }
    if (st < 0) return st;
    s->hash = fz_hash(s->hash, counts, h.bins * sizeof counts[0]);
    two[0] = two[1] = h;
    h.counts = again;
    MUST(mv_histogram_fold(s->ctx, &h, two, 2) == MEDVOL_OK && h.total == 2 * two[0].total);
    if (mv_otsu(s->ctx, &x, &h) == MEDVOL_OK) MUST(x >= h.lo && x <= h.hi);
    return MEDVOL_OK;
}
static mv_status op_znorm(fz_step *s) {
    mv_znorm_opt o;
    mv_volume m;
    mv_status st;
    memset(&o, 0, sizeof o);
    o.nonzero = (int)(fz_byte() & 1), o.sample = (int)(fz_byte() & 1);
    if (fz_byte() & 1) o.given_mean = 1, o.mean = fz_number();
    if (fz_byte() & 1) o.given_sd = 1, o.sd = fz_number();
    if (fz_byte() & 1) {
        size_t n = floats();
        if (fz_byte() & 1) o.mask8 = mask8;
        st = mv_znorm_f32(s->ctx, fout, fin, n, &o);
        if (st == MEDVOL_OK) s->hash = fz_hash(s->hash, fout, n * sizeof fout[0]);
        return st;
    }
    o.split = split();
    o.mask = mask(s, &m);
    st = mv_znorm(s->ctx, s->dst, s->src, &o);
    mv_volume_free(s->ctx, &m);
    return st;
}
static mv_status op_rescale(fz_step *s) {
    mv_rescale_opt o;
    mv_volume m;
    mv_status st;
    double lo = fz_number(), hi = fz_number();
    memset(&o, 0, sizeof o);
    o.nonzero = (int)(fz_byte() & 1), o.clip = (int)(fz_byte() & 1), o.range = (int)(fz_byte() % 4);
    o.lo = fz_number() * 10, o.hi = fz_number() * 10;
    if (fz_byte() & 1) {
        size_t n = floats();
        if (fz_byte() & 1) o.mask8 = mask8;
        st = mv_rescale_f32(s->ctx, fout, fin, n, lo, hi, &o);
        if (st == MEDVOL_OK) s->hash = fz_hash(s->hash, fout, n * sizeof fout[0]);
        return st;
    }
    o.split = split();
    o.mask = mask(s, &m);
    st = mv_rescale(s->ctx, s->dst, s->src, lo, hi, &o);
    mv_volume_free(s->ctx, &m);
    return st;
}
static mv_status op_map(fz_step *s) {
    double a = fz_number() * 40, b = fz_number() * 40;
    mv_threshold_opt t;
    mv_gamma_opt g;
    unsigned which = fz_byte() % 4;
    size_t n;
    mv_status st;
    memset(&t, 0, sizeof t);
    memset(&g, 0, sizeof g);
    t.binary = (int)(fz_byte() & 1), t.open = (int)(fz_byte() & 1);
    t.below = fz_number(), t.above = fz_number();
    g.mode = (int)(fz_byte() % 4);
    if (fz_byte() & 1) {
        g.split = split();
        if (which == 0) return mv_linear(s->ctx, s->dst, s->src, a, b);
        if (which == 1) return mv_clamp(s->ctx, s->dst, s->src, a, b);
        if (which == 2) return mv_threshold(s->ctx, s->dst, s->src, a, b, &t);
        return mv_gamma(s->ctx, s->dst, s->src, a / 40, &g);
    }
    n = floats();
    if (which == 0) st = mv_linear_f32(s->ctx, fout, fin, n, a, b);
    else if (which == 1) st = mv_clamp_f32(s->ctx, fout, fin, n, a, b);
    else if (which == 2) st = mv_threshold_f32(s->ctx, fout, fin, n, a, b, &t);
    else st = mv_gamma_f32(s->ctx, fout, fin, n, a / 40, &g);
    if (st == MEDVOL_OK) s->hash = fz_hash(s->hash, fout, n * sizeof fout[0]);
    return st;
}
static const fz_op ops[] = {op_stats, op_stats_array, op_percentiles, op_percentiles_array, op_histogram,
    op_znorm, op_rescale, op_map, op_map};
FUZZ(intensity) { return fz_steps(p, n, ops, sizeof ops / sizeof *ops, 1 << 19); }
