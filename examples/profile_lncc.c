/* profile_lncc - two heads brought together by local correlation: one field, two that meet half way, a flow.

   Build:  cc -O2 examples/profile_lncc.c -lm -lpthread -o profile_lncc
   Run:    ./profile_lncc 128 3
   Shows:  what an inverse costs. SYMMETRIC warps both images and filters ten window sums in place of six;
   VELOCITY adds an exponential an iteration, of a field with an eighth of the voxels. */
#include "example.h"

/* a smooth flow, in mm, some 2.5 hundredths of the side long */
static void make_flow(ex *e, mv_volume *v, const mv_volume *head) {
    size_t dim[5], n, i;
    double mm[3], most;
    int d;
    for (d = 0; d < 3; d++) dim[d] = head->dim[d];
    dim[3] = 1, dim[4] = 3;
    n = dim[0] * dim[1] * dim[2];
    mv_spacing(head, mm);
    most = 0.025 * mm[0] * (double)dim[0];
    EX_OK(mv_volume_alloc(&e->ctx, v, MEDVOL_F32, 5, dim));
    memcpy(v->affine, head->affine, sizeof v->affine);
    for (i = 0; i < n; i++) {
        const size_t slice = i / (dim[0] * dim[1]);
        const double x = 6.3 * (double)(i % dim[0]) / (double)dim[0],
                     y = 6.3 * (double)(i / dim[0] % dim[1]) / (double)dim[1],
                     z = 6.3 * (double)slice / (double)dim[2];
        float *f = (float *)v->data + i;
        f[0] = (float)(most * sin(y + 0.3) * cos(z));
        f[n] = (float)(most * cos(x) * sin(z + 1.0));
        f[2 * n] = (float)(most * sin(x + y));
    }
}
/* mean length of a - b (b NULL: of a), in voxels, where the head is */
static double mean_off(const mv_volume *a, const mv_volume *b, const mv_volume *head) {
    const size_t n = mv_volume_count(head);
    const float *p = (const float *)a->data, *q = b ? (const float *)b->data : NULL;
    double sum = 0.0, count = 0.0, mm[3];
    size_t i, d;
    mv_spacing(head, mm);
    for (i = 0; i < n; i++) {
        double s = 0.0;
        if (!(((const float *)head->data)[i] > 150.0f)) continue;
        for (d = 0; d < 3; d++) {
            const double t = (double)p[d * n + i] - (q ? (double)q[d * n + i] : 0.0);
            s += t * t;
        }
        sum += sqrt(s) / mm[0];
        count += 1.0;
    }
    return count > 0.0 ? sum / count : 0.0;
}
typedef struct scene {
    mv_volume moving, fixed, truth;
} scene;
/* how far off the field is, and how far the way there and back ends from where it began */
static void look(ex *e, const scene *s, const mv_volume *field, const mv_volume *inverse, const char *name) {
    mv_transform chain[2];
    mv_volume both = {0};
    char text[160];
    double off, back;
    memset(chain, 0, sizeof chain);
    chain[0].kind = chain[1].kind = MEDVOL_TRANSFORM_FIELD;
    chain[0].field = inverse;
    chain[1].field = field;
    EX_OK(mv_transform_field(&e->ctx, &both, &s->fixed, chain, 2));
    off = mean_off(field, &s->truth, &s->fixed);
    back = mean_off(&both, NULL, &s->fixed);
    snprintf(text, sizeof text, "%s: %.2f voxels off the truth, %.3f there and back", name, off, back);
    EX_EXPECT(e, off < 0.3 * mean_off(&s->truth, NULL, &s->fixed) + 0.1 && back < 0.1, text);
    mv_volume_free(&e->ctx, &both);
}
static void lncc_row(ex *e, const scene *s, const char *name, mv_lncc_mode mode, int full) {
    mv_volume field = {0}, inverse = {0};
    mv_register_lncc_opt o;
    const double bytes = ex_bytes(&s->fixed);
    memset(&o, 0, sizeof o);
    o.mode = mode;
    o.full = full;
    o.inverse = &inverse;
    EX_OK(mv_register_lncc(&e->ctx, &field, &s->fixed, &s->moving, &o));
    look(e, s, &field, &inverse, name);
    for (ex_begin(e, name, &s->fixed, 2 * bytes, 0, 0, 6 * bytes); ex_more(e);)
        EX_OK(mv_register_lncc(&e->ctx, &field, &s->fixed, &s->moving, &o));
    mv_volume_free(&e->ctx, &field);
    mv_volume_free(&e->ctx, &inverse);
}
static void profile_lncc(ex *e) {
    scene s;
    mv_volume flow = {0};
    mv_transform by;
    memset(&s, 0, sizeof s);
    memset(&by, 0, sizeof by);
    ex_input(e, &s.moving, MEDVOL_F32);
    if (s.moving.ndim < 3) ex_quit(e, EX_USAGE, "%s: a volume of three axes is needed", e->input);
    make_flow(e, &flow, &s.moving);
    EX_OK(mv_field_exp(&e->ctx, &s.truth, &flow, NULL));
    by.kind = MEDVOL_TRANSFORM_FIELD;
    by.field = &s.truth;
    EX_OK(mv_warp(&e->ctx, &s.fixed, &s.moving, &s.moving, &by, 1, NULL));
    lncc_row(e, &s, "greedy, half the voxels", MEDVOL_LNCC_GREEDY, 0);
    lncc_row(e, &s, "symmetric, half", MEDVOL_LNCC_SYMMETRIC, 0);
    lncc_row(e, &s, "velocity, half", MEDVOL_LNCC_VELOCITY, 0);
    lncc_row(e, &s, "greedy, full", MEDVOL_LNCC_GREEDY, 1);
    lncc_row(e, &s, "symmetric, full", MEDVOL_LNCC_SYMMETRIC, 1);
    lncc_row(e, &s, "velocity, full", MEDVOL_LNCC_VELOCITY, 1);
    mv_volume_free(&e->ctx, &flow);
    mv_volume_free(&e->ctx, &s.truth);
    mv_volume_free(&e->ctx, &s.fixed);
    mv_volume_free(&e->ctx, &s.moving);
}
EX_PROFILER(profile_lncc, "fields by local correlation: greedy, symmetric, velocity, each with its inverse")
