/* fuzz_register.c - registrations of any two images with any options, a few steps long. */
#include "fuzz.h"

static mv_volume moving, mask;
static float values[4096];
static uint8_t bytes[4096];
static const mv_volume *second(fz_step *s) { /* the source, somewhat moved, in f32 */
    const size_t n = mv_volume_count(s->src);
    size_t i;
    if (fz_byte() > 230 || n == 0 || n > 4096 || !s->src->data) return s->src;
    for (i = 0; i < n; i++) values[i] = (float)(fz_noise() % 100);
    if (mv_volume_wrap(s->ctx, &moving, values, MEDVOL_F32, s->src->ndim, s->src->dim,
        NULL) < 0) return s->src;
    memcpy(moving.affine, s->src->affine, sizeof moving.affine);
    if (fz_byte() > 128) moving.affine[3] += (double)(fz_byte() % 9) - 4;
    if (fz_byte() > 200) moving.affine[fz_byte() % 12] = fz_number();
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
static void control(mv_register_control *c, mv_register_report *rep) {
    c->levels = (int)(fz_byte() % 4) - (fz_byte() > 250);
    c->iterations = 1 + (int)(fz_byte() % 4) - 6 * (fz_byte() > 250);
    if (fz_byte() > 220) c->tolerance = fz_number();
    if (fz_byte() > 220) c->slope = fz_number();
    c->report = rep;
}
static mv_status op_affine(fz_step *s) {
    mv_register_affine_opt o;
    mv_register_report rep;
    double a[12], start[12];
    mv_status st;
    int k;
    memset(&o, 0, sizeof o);
    o.model = (mv_model)(fz_byte() % 5);
    o.metric = (mv_similarity)(fz_byte() % 4);
    o.init = (mv_init)(fz_byte() % 6);
    mv_affine_identity(start);
    start[fz_byte() % 12] += fz_byte() > 240 ? fz_number() : 0.1;
    if (fz_byte() > 200) o.start = start;
    if (fz_byte() > 200) o.robust = fz_byte() > 128 ? 4.685 : fz_number();
    if (fz_byte() > 240) o.bins = (int)fz_byte();
    if (fz_byte() > 250) o.search = 40;
    o.symmetric = (int)(fz_byte() & 1);
    o.fixed_mask = weights(s);
    control(&o.control, &rep);
    for (k = 0; k < 12; k++) a[k] = 3;
    st = mv_register_affine(s->ctx, a, s->src, second(s), &o);
    for (k = 0; k < 12; k++) MUST(st < 0 ? a[k] == 3 : a[k] - a[k] == 0);
    return st;
}
/* a metric that says anything; or, `sane`, how far a translation is from (3, 0, 0) */
typedef struct any {
    int sane;
    uint64_t state;
} any;
static double some(any *a) {
    a->state = a->state * 6364136223846793005u + 1442695040888963407u;
    return a->state >> 58 ? (double)(int64_t)a->state * 0x1p-60 : a->state >> 57 & 1 ? (double)NAN : 1e200;
}
static mv_status any_level(void *user, int level, mv_register_frame *frame) {
    any *a = (any *)user;
    int i;
    (void)level;
    for (i = 0; i < 2; i++) frame[i].n[0] = 7;
    for (i = 0; i < 10 && !a->sane; i++) frame[i & 1].mass[i] = some(a);
    if (!a->sane) frame[1].affine[a->state >> 60 & 7] += some(a);
    return a->sane || a->state >> 60 ? MEDVOL_OK : MEDVOL_E_EMPTY;
}
static mv_status any_look(void *user, const double *t, const double *back, int count,
    mv_register_score *score, mv_register_normal *normal) {
    any *a = (any *)user;
    int i;
    for (i = 0; i < (back ? 2 : 1) * count; i++) {
        score[i].overlap = a->sane ? 1 : some(a);
        score[i].energy = a->sane ? pow((back ? 0 : t[12 * i + 3]) - 3, 2) : some(a);
    }
    for (i = 0; i < 144 * (back ? 2 : 1) && normal; i++) {
        normal[i / 144].h[i % 144] = a->sane ? i % 144 % 13 == 0 : some(a);
        normal[i / 144].b[i % 12] = a->sane ? i % 12 ? 0 : t[3] - 3 : some(a);
    }
    return MEDVOL_OK;
}
static mv_status op_by(fz_step *s) {
    mv_register_affine_opt o;
    mv_register_report rep;
    mv_register_metric by;
    double a[12];
    mv_status st;
    any user;
    int k;
    memset(&o, 0, sizeof o);
    memset(&by, 0, sizeof by);
    user.sane = fz_byte() > 128, user.state = fz_byte();
    by.user = &user, by.begin = any_level, by.look = any_look;
    by.levels = (int)(fz_byte() % 4) + (fz_byte() > 250 ? 15 : 1);
    by.batch = (int)(fz_byte() % 34) - (fz_byte() > 250);
    o.model = user.sane ? MEDVOL_TRANSLATION : (mv_model)(fz_byte() % 5);
    o.init = user.sane ? MEDVOL_INIT_HEADER : (mv_init)(fz_byte() % 6);
    o.symmetric = !user.sane && fz_byte() > 128;
    if (fz_byte() > 250 && !user.sane) o.search = fz_number();
    control(&o.control, &rep);
    for (k = 0; k < 12; k++) a[k] = 3;
    st = mv_register_affine_by(s->ctx, a, &by, &o);
    if (st < 0) fz_failed(s->ctx, st);
    for (k = 0; k < 12 && st < 0; k++) MUST(a[k] == 3);
    if (st == MEDVOL_OK && user.sane && rep.iterations[rep.level] > 0) MUST(fabs(a[3] - 3) < 1e-6);
    return MEDVOL_OK; /* of noise the last bits decide */
}
static mv_status op_lncc(fz_step *s) {
    mv_register_lncc_opt o;
    mv_register_report rep;
    mv_volume inverse, velocity;
    double start[12];
    mv_status st;
    memset(&inverse, 0, sizeof inverse);
    memset(&velocity, 0, sizeof velocity);
    memset(&o, 0, sizeof o);
    mv_affine_identity(start);
    start[fz_byte() % 12] += fz_byte() > 240 ? fz_number() : 0.1;
    if (fz_byte() > 200) o.start = start;
    o.radius = (int)(fz_byte() % 10);
    o.descent = (mv_descent)(fz_byte() % 4);
    o.full = (int)(fz_byte() & 1);
    if (fz_byte() > 220) o.step = fz_number();
    if (fz_byte() > 220) o.momentum = fz_number();
    if (fz_byte() > 220) o.sigma_update = fz_number();
    if (fz_byte() > 220) o.sigma_field = fz_number();
    o.fixed_mask = weights(s);
    control(&o.control, &rep);
    o.mode = (mv_lncc_mode)(fz_byte() % 4);
    if (fz_byte() > 100) o.inverse = &inverse;
    if (o.mode == MEDVOL_LNCC_VELOCITY || fz_byte() > 250) o.velocity = &velocity;
    s->loose = HUGE_VAL; /* of noise the last bits decide */
    st = mv_register_lncc(s->ctx, s->dst, s->src, second(s), &o);
    MUST((inverse.data != NULL) == (st == MEDVOL_OK && o.inverse != NULL));
    MUST((velocity.data != NULL) == (st == MEDVOL_OK && o.velocity != NULL));
    mv_volume_free(s->ctx, &inverse);
    mv_volume_free(s->ctx, &velocity);
    return st;
}
static const fz_op ops[] = {op_affine, op_lncc, op_by};
FUZZ(register) { return fz_steps(p, n, ops, sizeof ops / sizeof *ops, 1 << 26); }
