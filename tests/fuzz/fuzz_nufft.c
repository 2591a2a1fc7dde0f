/* fuzz_nufft.c - trajectories, samples, images and weights of any sort: refused by name, or what the
   scalar level * makes. */
#include "fuzz.h"

enum { ROOM = 8192, PLACES = 3 * 60 };
static float data[2][ROOM], weights[64];
static double places[PLACES];

/* a volume on an array; now and then of another shape or type */
static mv_status volume(mv_ctx *c, mv_volume *v, void *p, mv_dtype type, const size_t *dim) {
    size_t d[7];
    int k;
    for (k = 0; k < 7; k++) d[k] = k < 5 ? dim[k] : 1;
    if (fz_byte() > 245) d[fz_byte() % 5] = 1 + fz_byte() % 2;
    if (fz_byte() > 250) type = type == MEDVOL_F64 ? MEDVOL_C64 : MEDVOL_F32;
    return mv_volume_wrap(c, v, p, type, 5, d, NULL);
}
static void numbers(const size_t *shape, int wild) {
    size_t i;
    for (i = 0; i < ROOM; i++) {
        data[0][i] = (float)((double)(fz_noise() & 0xffff) / 32768.0 - 1.0);
        data[1][i] = (float)((double)(fz_noise() & 0xffff) / 32768.0 - 1.0);
    }
    for (i = 0; i < PLACES; i++)
        places[i] = ((double)(fz_noise() & 0xffff) / 65535.0 - 0.5) * (double)(shape[i % 3] & 0xff);
    for (i = 0; i < 64; i++) weights[i] = (float)(fz_noise() % 5) * 0.5f;
    if (!wild) return;
    places[fz_byte() % PLACES] = fz_number();
    weights[fz_byte() % 64] = (float)fz_number();
    data[fz_byte() & 1][fz_byte() % 64] = (float)fz_number();
}
typedef struct given {
    size_t shape[3];
    mv_volume k, x, y, w;
    const mv_volume *weights;
    size_t coils, samples, frames, voxels;
    mv_nufft_opt o;
} given;
static mv_status take(fz_step *s, given *g, int wild) {
    const size_t m = 1 + fz_byte() % 9, shots = 1 + fz_byte() % 3, kf = fz_byte() > 200 ? 2 : 1;
    const size_t frames = kf > 1 ? 2 : 1 + fz_byte() % 2, wf = fz_byte() > 200 ? frames : 1;
    size_t kd[5], xd[5], yd[5], wd[5];
    mv_status st;
    int a;
    for (a = 0; a < 3; a++) g->shape[a] = 1 + fz_byte() % (a ? 7 : 12);
    if (fz_byte() > 200) g->shape[2] = 1;
    g->coils = 1 + fz_byte() % 3;
    g->samples = m * shots, g->frames = kf, g->voxels = g->shape[0] * g->shape[1] * g->shape[2];
    kd[0] = 3, kd[1] = m, kd[2] = shots, kd[3] = 1, kd[4] = kf;
    yd[0] = 1, yd[1] = m, yd[2] = shots, yd[3] = g->coils, yd[4] = frames;
    wd[0] = 1, wd[1] = m, wd[2] = shots, wd[3] = 1, wd[4] = wf;
    for (a = 0; a < 3; a++) xd[a] = g->shape[a];
    xd[3] = g->coils, xd[4] = frames;
    numbers(g->shape, wild);
    memset(&g->o, 0, sizeof g->o);
    g->o.tolerance = fz_byte() > 230 ? fz_number() : 1e-4;
    g->o.oversampling = fz_byte() > 230 ? fz_number() : 0;
    g->o.weights = (int)(fz_byte() % 3) + (fz_byte() > 250);
    st = volume(s->ctx, &g->k, places, MEDVOL_F64, kd);
    if (st == MEDVOL_OK) st = volume(s->ctx, &g->x, data[0], MEDVOL_C64, xd);
    if (st == MEDVOL_OK) st = volume(s->ctx, &g->y, data[1], MEDVOL_C64, yd);
    if (st == MEDVOL_OK) st = volume(s->ctx, &g->w, weights, MEDVOL_F32, wd);
    g->weights = fz_byte() & 1 ? &g->w : NULL;
    if (st == MEDVOL_OK && fz_byte() > 250) g->shape[fz_byte() % 3] = fz_size();
    return st;
}
static mv_status arrays(fz_step *s, given *g, const mv_nufft *plan, int forward) {
    static float out[ROOM];
    static double wide[ROOM];
    const float *maps = fz_byte() & 1 ? data[0] : NULL;
    const size_t n = 2 * (forward ? plan->samples * plan->shots * g->coils
                                  : plan->dim[0] * plan->dim[1] * plan->dim[2] * (maps ? 1 : g->coils));
    size_t i;
    mv_status st;
    memset(out, 0, sizeof out);
    if (n > ROOM) return MEDVOL_OK;
    if (forward)
        st = mv_nufft_forward_c64(s->ctx, plan, fz_byte() % 2, out, data[1], maps, g->coils, NULL, 1);
    else st = mv_nufft_adjoint_c64(s->ctx, plan, fz_byte() % 2, out, data[1], maps, g->coils, NULL, 1);
    for (i = 0; i < n; i++) wide[i] = st == MEDVOL_OK ? (double)out[i] : 0;
    fz_near(wide, n);
    return st;
}
static mv_status op_nufft(fz_step *s) {
    const unsigned which = fz_byte() % 4;
    const int wild = fz_byte() > 220;
    given g;
    mv_nufft plan;
    mv_status st = take(s, &g, wild);
    if (st < 0) return st;
    s->loose = wild ? HUGE_VAL : 2e-2; /* of the largest */
    if ((st = mv_nufft_init(s->ctx, &plan, g.shape, &g.k, &g.o)) < 0) {
        MUST(!plan.tables);
        return st;
    }
    if (which == 0) st = mv_nufft_forward(s->ctx, &plan, s->dst, &g.x);
    else if (which == 1) st = mv_nufft_adjoint(s->ctx, &plan, s->dst, &g.y, g.weights);
    else {
        st = arrays(s, &g, &plan, which == 2);
        if (st == MEDVOL_OK) st = mv_nufft_forward(s->ctx, &plan, s->dst, &g.x);
    }
    mv_nufft_free(s->ctx, &plan);
    return st;
}
static mv_status op_direct(fz_step *s) { /* sums, gridding, density compensation */
    const unsigned which = fz_byte() % 5;
    const int wild = fz_byte() > 220;
    given g;
    mv_grid_opt o;
    mv_status st = take(s, &g, wild);
    if (st < 0) return st;
    s->loose = wild ? HUGE_VAL : 1e-3;
    o.method = (int)(fz_byte() % 2) + (fz_byte() > 250 ? 7 : 0);
    if (which == 0) return mv_nudft_forward(s->ctx, s->dst, &g.x, &g.k);
    if (which == 1) return mv_nudft_adjoint(s->ctx, s->dst, &g.y, &g.k, g.weights, g.shape);
    if (which == 2) return mv_grid_forward(s->ctx, s->dst, &g.x, &g.k, &o);
    if (which == 3) return mv_grid_adjoint(s->ctx, s->dst, &g.y, &g.k, g.weights, g.shape, &o);
    {
        mv_dcf_pipe_opt q;
        q.iterations = fz_byte() > 250 ? (int)fz_size() : 1 + (int)(fz_byte() % 3);
        if (q.iterations > 5) q.iterations = -q.iterations;
        return mv_dcf_pipe(s->ctx, s->dst, &g.k, g.shape, &q);
    }
}
static mv_status op_toeplitz(fz_step *s) {
    const int wild = fz_byte() > 220, basis = fz_byte() > 128;
    given g;
    mv_toeplitz t;
    mv_status st = take(s, &g, wild);
    if (st < 0) return st;
    s->loose = wild ? HUGE_VAL : 2e-2;
    if (basis)
        st = mv_toeplitz_init_basis(s->ctx, &t, g.shape, &g.k, g.weights, data[1], 1 + fz_byte() % 2,
                                    fz_byte() > 240 ? fz_size() : g.samples * g.frames, &g.o);
    else st = mv_toeplitz_init(s->ctx, &t, g.shape, &g.k, g.weights, &g.o);
    if (st < 0) {
        MUST(!t.tables);
        return st;
    }
    if (g.voxels * g.coils * 4 <= ROOM && !basis) {
        static float out[ROOM];
        st = mv_toeplitz_normal_c64(s->ctx, &t, fz_byte() % 2, out, data[0], fz_byte() & 1 ? data[1] : NULL,
                                    g.coils, 0);
    }
    if (st == MEDVOL_OK) st = mv_toeplitz_normal(s->ctx, &t, s->dst, &g.x);
    mv_toeplitz_free(s->ctx, &t);
    return st;
}
static mv_status op_third(fz_step *s) {
    static float out[128];
    static double wide[128];
    const size_t points = fz_byte() > 250 ? fz_size() : 1 + fz_byte() % 30, freqs = 1 + fz_byte() % 20;
    const int ndim = 1 + (int)(fz_byte() % 3) + (fz_byte() > 250), wild = fz_byte() > 220;
    const size_t shape[3] = {5, 6, 7};
    mv_nufft3 plan;
    mv_nufft_opt o;
    mv_status st;
    size_t i;
    numbers(shape, wild);
    memset(&o, 0, sizeof o);
    o.tolerance = fz_byte() > 230 ? fz_number() : 1e-4;
    s->loose = wild ? HUGE_VAL : 2e-2;
    if (points > 30) return MEDVOL_OK;
    st = mv_nufft3_init(s->ctx, &plan, ndim, points, places, freqs, places + 90, &o);
    if (st < 0) {
        MUST(!plan.tables);
        return st;
    }
    if (fz_byte() & 1) st = mv_nufft3_execute(s->ctx, &plan, out, data[0], 1);
    else st = mv_nufft3_adjoint(s->ctx, &plan, out, data[0], 1);
    for (i = 0; i < 40; i++) wide[i] = st == MEDVOL_OK ? (double)out[i] : 0;
    fz_near(wide, st == MEDVOL_OK ? 2 : 0);
    mv_nufft3_free(s->ctx, &plan);
    return st;
}
static const fz_op ops[] = {op_nufft, op_direct, op_toeplitz, op_third};
FUZZ(nufft) { return fz_steps(p, n, ops, 4, 1 << 23); }
