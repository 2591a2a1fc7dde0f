/* fuzz_fft.c - plans of any description: refused by name, or the transform of the scalar level and back. */
#include "fuzz.h"

enum { ROOM = 1 << 14 }; /* doubles of an array */
static double from[ROOM], to[2][ROOM];

/* the reals from the first to behind the last element of a side; 0: too many for this test */
static size_t reals(const mv_fft_desc *d, const size_t *dim, const ptrdiff_t *stride, int real) {
    size_t n = 1, at = 0;
    int k, given = 0;
    for (k = 0; k < d->ndim; k++) given |= stride[k] != 0;
    for (k = 0; k < d->ndim; k++) {
        at += (dim[k] - 1) * (given ? (size_t)stride[k] : n);
        n *= dim[k];
        if (at >= ROOM / 2 || n >= ROOM / 2) return 0;
    }
    return (at + 1) * (real ? 1 : 2);
}
static double value(const void *p, int f64, size_t i) {
    return f64 ? ((const double *)p)[i] : (double)((const float *)p)[i];
}
static mv_status run(mv_ctx *c, mv_fft_desc *d, double *dst, size_t *count) {
    mv_fft_plan plan;
    uint32_t seed = fz_byte();
    size_t n, i;
    mv_status st = mv_fft_plan_init(c, &plan, d);
    *count = 0;
    if (st < 0) {
        MUST(!plan.tables);
        return st;
    }
    *d = plan.desc;
    n = reals(d, d->in_dim, d->in_stride, (d->flags & 17) == 16);
    *count = reals(d, d->out_dim, d->out_stride, (d->flags & 17) == 17);
    if (n && *count) {
        for (i = 0; i < n; i++) {
            const double x = (double)(seed >> 12) / 524288.0 - 1.0;
            seed = seed * 1664525u + 1013904223u;
            if (d->dtype == MEDVOL_C128) from[i] = x;
            else ((float *)from)[i] = (float)x;
        }
        memset(dst, 0, sizeof to[0]);
        if (seed & 1) st = mv_fft_plan_execute(c, &plan, dst, from);
        else { /* in scratch of exactly its size */
            void *scratch = malloc(mv_fft_plan_scratch_size(&plan));
            if (!scratch) abort();
            st = mv_fft_plan_execute_with(&plan, dst, from, scratch);
            free(scratch);
        }
    } else *count = 0;
    mv_fft_plan_free(c, &plan);
    return st;
}
static mv_status play(mv_ctx *c, const uint8_t *p, size_t n, mv_fft_desc *d, double *dst, size_t *count) {
    mv_status st;
    size_t all = 1;
    int k;
    fz_tape(p, n);
    memset(d, 0, sizeof *d);
    d->dtype = fz_byte() > 250 ? fz_type() : fz_byte() & 1 ? MEDVOL_C128 : MEDVOL_NONE;
    d->ndim = (int)(fz_byte() % 9);
    d->axes = fz_byte() & (fz_byte() > 250 ? 255u : (1u << d->ndim) - 1);
    d->flags = fz_byte() & 63;
    d->scale = fz_byte() & 1 ? fz_number() : 0;
    for (k = 0; k < 7; k++) {
        d->dim[k] = fz_size();
        if (d->dim[k] && d->dim[k] < 100000 && all * d->dim[k] > 2500) d->dim[k] = 1; /* the absurd stays */
        if (d->dim[k] < 100000) all *= d->dim[k];
        else if (d->dim[k] <= (size_t)1 << 28) d->dim[k] += (size_t)1 << 28;
        if (fz_byte() & 1) d->in_dim[k] = fz_byte() % (d->dim[k] ? d->dim[k] : 1);
        if (fz_byte() & 1) d->out_dim[k] = fz_byte() % (d->dim[k] ? d->dim[k] : 1);
    }
    if (fz_byte() > 128)
        for (k = 0; k < 7; k++) {
            d->in_stride[k] = (ptrdiff_t)fz_byte() - 4;
            d->out_stride[k] = (ptrdiff_t)fz_size();
        }
    st = run(c, d, dst, count);
    if (st < 0) fz_failed(c, st);
    MUST(mv_fft_good_size(d->dim[0] & 0xffff, fz_byte()) >= (d->dim[0] & 0xffff));
    fz_end();
    return st;
}
FUZZ(fft) {
    mv_fft_desc a, b;
    size_t na, nb, i;
    double wrong = 0, rule = 1;
    mv_status st, want;
    if (n < 3) return 0;
    fz_level(p[1]);
    st = play(p[1] & 4 ? fz_begin_pool(p[0], 1 << 24) : fz_begin(p[0], 1 << 24), p + 2, n - 2, &a, to[0],
        &na);
    if (fz_refused()) return 0;
    fz_level(0);
    want = play(fz_begin(0, 1 << 24), p + 2, n - 2, &b, to[1], &nb);
    if (fz_refused()) return 0;
    MUST(st == want && na == nb);
    for (i = 0; st == MEDVOL_OK && i < (size_t)a.ndim; i++) { /* what one result is as a rule, squared */
        const double points = (double)a.dim[i];
        if (!(a.axes >> i & 1u)) continue;
        rule *= a.flags & MEDVOL_FFT_UNITARY ? 1 : a.flags & MEDVOL_FFT_SCALED ? 1 / points : points;
    }
    rule *= a.scale * a.scale;
    for (i = 0; st == MEDVOL_OK && i < na; i++) {
        const double x = value(to[0], a.dtype == MEDVOL_C128, i), y = value(to[1], a.dtype == MEDVOL_C128, i);
        MUST((x != x) == (y != y));
        if (!(rule < 1e30 && rule > 1e-30)) return 0; /* beyond the type */
        wrong += (x - y) * (x - y);
    }
    MUST(st != MEDVOL_OK || !na || wrong <= 1e-10 * rule * (double)na);
    return 0;
}
