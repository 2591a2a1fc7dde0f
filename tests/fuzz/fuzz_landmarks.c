/* fuzz_landmarks.c - fits, splines, corrections and phase correlation of any points and images. */
#include "fuzz.h"

enum { MOST = 20 };
static double P[6][MOST];
static size_t points(void) { /* apart, as a rule */
    const size_t n = fz_byte() > 250 ? fz_size() : 3 + fz_byte() % (MOST - 3);
    const unsigned odd = fz_byte();
    size_t i, k;
    for (k = 0; k < 6; k++)
        for (i = 0; i < MOST; i++)
            P[k][i] = (double)(fz_noise() % 4000) / 100 - 20 + (k > 2 ? P[k - 3][i] * 0.5 : 0);
    if (odd > 220) P[odd % 6][fz_byte() % MOST] = fz_number();
    if (odd > 200 && odd % 2) P[0][1] = P[0][0], P[1][1] = P[1][0], P[2][1] = P[2][0];
    return n > MOST && n <= 16384 ? MOST : n;
}
static mv_status op_fit(fz_step *s) {
    double a[12], rms = 7, w[MOST];
    mv_fit_opt o;
    const size_t n = points();
    const int flat = (int)(fz_byte() & 1);
    mv_status st;
    int k;
    for (k = 0; k < 12; k++) a[k] = 3;
    for (k = 0; k < MOST; k++) w[k] = fz_byte() > 250 ? fz_number() : (double)(fz_noise() % 4);
    memset(&o, 0, sizeof o);
    o.model = (mv_model)(fz_byte() % 5);
    o.rms = &rms;
    if (fz_byte() & 1) o.weight = w;
    st = mv_fit_points(s->ctx, a, P[0], P[1], flat ? NULL : P[2], P[3], P[4], flat ? NULL : P[5],
        n > MOST ? 0 : n, &o);
    for (k = 0; k < 12; k++) MUST(st < 0 ? a[k] == 3 : a[k] - a[k] == 0);
    MUST(st < 0 ? rms == 7 : rms >= 0);
    return st;
}
static mv_status op_tps(fz_step *s) {
    mv_tps t;
    mv_tps_opt o;
    mv_tps_field_opt f;
    mv_volume grid;
    double x[3], bound = -1;
    size_t dim[3], i;
    const size_t n = points();
    const int flat = (int)(fz_byte() & 1);
    mv_status st;
    memset(&f, 0, sizeof f);
    o.lambda = fz_byte() > 128 ? fz_number() : (double)(fz_byte() % 3);
    st = mv_tps_init(s->ctx, &t, P[0], P[1], flat ? NULL : P[2], P[3], P[4], flat ? NULL : P[5], n, &o);
    if (st < 0) {
        MUST(!t.table && !t.points);
        return st;
    }
    MUST(t.bending >= 0 && t.residual >= 0);
    x[0] = fz_number(), x[1] = x[2] = 1;
    st = mv_tps_points(s->ctx, &t, x, x + 1, x + 2, x, x + 1, x + 2, 1);
    memset(&grid, 0, sizeof grid);
    grid.ndim = flat ? 2 : 3;
    for (i = 0; i < 3; i++) {
        dim[i] = 1 + fz_byte() % (flat ? 90 : 30);
        grid.dim[i] = i == 2 && flat ? 1 : dim[i];
        grid.affine[5 * i] = 0.3 + (double)(fz_byte() % 7) * 0.4;
        grid.affine[4 * i + 3] = -20;
    }
    if (fz_byte() > 220) grid.affine[fz_byte() % 12] = fz_number();
    f.tolerance = fz_byte() > 200 ? fz_number() : (double)(fz_byte() % 20) * 0.5;
    f.direct = fz_byte() > 220;
    f.bound = &bound;
    s->loose = HUGE_VAL; /* of points that almost coincide the last bits decide */
    if (st == MEDVOL_OK) st = mv_tps_field(s->ctx, s->dst, &grid, &t, &f);
    MUST(st < 0 ? bound == -1 : bound >= 0);
    mv_tps_free(s->ctx, &t);
    return st;
}
static mv_status op_correct(fz_step *s) {
    static float values[3 * 9 * 8 * 7];
    mv_correct_opt o;
    mv_correct_report r;
    mv_volume field;
    size_t dim[5], i;
    const size_t n = points();
    mv_status st;
    memset(&o, 0, sizeof o);
    memset(&r, 0, sizeof r);
    dim[0] = 1 + fz_byte() % 9, dim[1] = 1 + fz_byte() % 8, dim[2] = 1 + fz_byte() % 7, dim[3] = 1;
    dim[4] = 2 + fz_byte() % 2;
    for (i = 0; i < sizeof values / sizeof *values;
        i++) values[i] = (float)((double)(fz_noise() & 0xfff) / 2048 - 1);
    if (fz_byte() > 200) values[fz_byte()] = (float)fz_number();
    if (dim[4] == 2) dim[2] = 1;
    st = mv_volume_wrap(s->ctx, &field, values, MEDVOL_F32, 5, dim, NULL);
    if (st < 0) return st;
    for (i = 0; i < 3; i++) {
        field.affine[5 * i] = 2 + (double)(fz_byte() % 5);
        if (i < 2 || dim[4] == 3) field.affine[4 * i + 3] = -20;
    }
    if (fz_byte() > 230) field.affine[fz_byte() % 12] = fz_number();
    o.radius = fz_byte() > 200 ? fz_number() : 5 + (double)(fz_byte() % 30);
    if (!fz_refused() && fz_byte() > 128) o.report = &r;
    s->loose = HUGE_VAL;
    return mv_field_correct(s->ctx, s->dst, fz_byte() > 240 ? s->src : &field, P[0], P[1],
        dim[4] == 3 ? P[2] : NULL,
        P[3], P[4], dim[4] == 3 ? P[5] : NULL, n % 9, &o);
}
static mv_volume moving, mask;
static float values[4096];
static uint8_t bytes[4096];
static const mv_volume *second(fz_step *s) {
    const size_t n = mv_volume_count(s->src);
    size_t i;
    if (fz_byte() > 230 || n == 0 || n > 4096 || !s->src->data) return s->src;
    for (i = 0; i < n; i++) values[i] = (float)(fz_noise() % 100);
    if (mv_volume_wrap(s->ctx, &moving, values, MEDVOL_F32, s->src->ndim, s->src->dim,
        NULL) < 0) return s->src;
    memcpy(moving.affine, s->src->affine, sizeof moving.affine);
    if (fz_byte() > 128) moving.affine[3] += (double)(fz_byte() % 9) - 4;
    if (fz_byte() > 200) moving.affine[5 * (fz_byte() % 2)] *= 1.2;
    if (fz_byte() > 230) moving.affine[fz_byte() % 12] = (double)(fz_byte() % 16) / 8;
    return &moving;
}
static const mv_volume *weights(fz_step *s) {
    const size_t n = mv_volume_count(s->src);
    size_t i;
    if (fz_byte() < 180 || n == 0 || n > 4096) return NULL;
    for (i = 0; i < n; i++) bytes[i] = (uint8_t)(fz_noise() % 3);
    return mv_volume_wrap(s->ctx, &mask, bytes, MEDVOL_U8, s->src->ndim, s->src->dim,
        NULL) < 0 ? NULL : &mask;
}
static mv_status op_phase(fz_step *s) {
    mv_register_phase_opt o;
    mv_phase_report r;
    double a[12];
    mv_status st;
    int k;
    for (k = 0; k < 12; k++) a[k] = 3;
    memset(&o, 0, sizeof o);
    memset(&r, 0, sizeof r);
    o.fixed_mask = weights(s);
    if (fz_byte() > 220) o.moving_mask = o.fixed_mask;
    o.masked = fz_byte() > 200;
    o.rotation = fz_byte() > 128;
    o.scale = fz_byte() > 200;
    if (fz_byte() > 200) o.overlap = fz_number();
    if (fz_byte() > 200) o.upsample = (int)fz_byte() * 5;
    o.unpolished = fz_byte() > 200;
    o.report = &r;
    st = mv_register_phase(s->ctx, a, s->src, second(s), &o);
    for (k = 0; k < 12; k++) MUST(st < 0 ? a[k] == 3 : a[k] - a[k] == 0);
    MUST(st < 0 || (r.confidence - r.confidence == 0 && r.overlap > 0 && fabs(r.ncc) < 1.01));
    return st;
}
static const fz_op ops[] = {op_fit, op_tps, op_correct, op_phase};
FUZZ(landmarks) { return fz_steps(p, n, ops, sizeof ops / sizeof *ops, 1 << 26); }
