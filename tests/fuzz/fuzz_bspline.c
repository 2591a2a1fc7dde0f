/* fuzz_bspline.c - B-splines between any two images with any options, a few steps long. */
#include "fuzz.h"

static mv_volume moving, mask[2];
static float values[4096];
static uint8_t bytes[2][4096];
static const mv_volume *second(fz_step *s) { /* the source, somewhat moved, in f32 */
    const size_t n = mv_volume_count(s->src);
    size_t i;
    if (fz_byte() > 230 || n == 0 || n > 4096 || !s->src->data) return s->src;
    for (i = 0; i < n; i++) values[i] = fz_byte() > 250 ? NAN : (float)(fz_noise() % 100);
    if (mv_volume_wrap(s->ctx, &moving, values, MEDVOL_F32, s->src->ndim, s->src->dim,
        NULL) < 0) return s->src;
    memcpy(moving.affine, s->src->affine, sizeof moving.affine);
    if (fz_byte() > 128) moving.affine[3] += (double)(fz_byte() % 9) - 4;
    if (fz_byte() > 200) moving.affine[fz_byte() % 12] = fz_number();
    return &moving;
}
static const mv_volume *weights(fz_step *s, int k) {
    const size_t n = mv_volume_count(s->src);
    size_t i;
    if (fz_byte() < 180 || n == 0 || n > 4096) return NULL;
    for (i = 0; i < n; i++) bytes[k][i] = (uint8_t)(fz_noise() % 3);
    if (mv_volume_wrap(s->ctx, &mask[k], bytes[k], MEDVOL_U8, s->src->ndim, s->src->dim,
        NULL) < 0) return NULL;
    return &mask[k];
}
static void sampled(mv_register_bspline_opt *o) {
    mv_asgd_opt *a = &o->asgd;
    o->optimizer = (mv_optimizer)(1 + (fz_byte() > 250));
    a->sampler = (mv_sampler)(fz_byte() % 2 + (fz_byte() > 250));
    a->number_of_spatial_samples = (int)fz_byte() * 5 - 8 * (fz_byte() > 250);
    a->random_seed = fz_byte();
    if (fz_byte() > 180) a->automatic_parameter_estimation = -1;
    if (fz_byte() > 180) a->use_adaptive_step_sizes = -1;
    if (fz_byte() > 180) { /* one at a time: most numbers are refused */
        double *const value[9] = {&a->maximum_step_length, &a->sp_a, &a->sp_capital_a, &a->sp_alpha,
            &a->sigmoid_max,
            &a->sigmoid_min, &a->sigmoid_scale, &a->sigmoid_initial_time, &a->sigmoid_scale_factor};
        *value[fz_byte() % 9] = fz_number();
    }
    if (fz_byte() > 128) a->number_of_gradient_measurements = (int)(fz_byte() % 5) - (fz_byte() > 252);
    if (fz_byte() > 128) a->number_of_jacobian_measurements = (int)fz_byte() - 3 * (fz_byte() > 250);
    a->number_of_samples_for_exact_gradient = (int)fz_byte() * 4 - 2 * (fz_byte() > 250);
}
static mv_status op_bspline(fz_step *s) {
    mv_register_bspline_opt o;
    mv_register_report rep;
    mv_volume field;
    double start[12];
    size_t i;
    mv_status st;
    memset(&o, 0, sizeof o);
    memset(&field, 0, sizeof field);
    mv_affine_identity(start);
    start[fz_byte() % 12] += fz_byte() > 240 ? fz_number() : 0.1;
    if (fz_byte() > 200) o.start = start;
    o.metric = (mv_similarity)(fz_byte() % 4);
    if (fz_byte() > 180) o.radius = (int)(fz_byte() % 11) - 1;
    for (i = 0; i < 3; i++) o.grid[i] = fz_byte() > 128 ? (int)(fz_byte() % 70) - 2 : 0;
    if (fz_byte() > 200) o.bending = fz_number();
    if (fz_byte() > 200) o.bins = (int)fz_byte();
    if (fz_byte() > 200) o.pairs = (int)(fz_byte() % 23);
    if (fz_byte() > 128) o.field = &field;
    o.fixed_mask = weights(s, 0);
    o.moving_mask = weights(s, 1);
    o.control.levels = (int)(fz_byte() % 4) - (fz_byte() > 250);
    o.control.iterations = 1 + (int)(fz_byte() % 4) - 6 * (fz_byte() > 250);
    if (fz_byte() > 220) o.control.tolerance = fz_number();
    if (fz_byte() > 220) o.control.slope = fz_number();
    if (fz_byte() > 128) o.control.report = &rep;
    if (fz_byte() > 128) sampled(&o);
    s->loose = HUGE_VAL; /* of noise the last bits decide */
    st = mv_register_bspline(s->ctx, s->dst, s->src, second(s), &o);
    MUST(st == MEDVOL_OK || !field.data);
    for (i = 0; field.data && i < mv_volume_count(&field); i++)
        MUST(((const float *)field.data)[i] - ((const float *)field.data)[i] == 0);
    mv_volume_free(s->ctx, &field);
    return st;
}
static const fz_op ops[] = {op_bspline};
FUZZ(bspline) { return fz_steps(p, n, ops, sizeof ops / sizeof *ops, 1 << 26); }
