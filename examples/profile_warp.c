/* profile_warp - displacement fields at work: images, labels and fields through them, and their algebra.

   Build:  cc -O2 examples/profile_warp.c -lm -lpthread -o profile_warp
   Run:    ./profile_warp 128 10
   Shows:  a warp reads three floats of the field and eight voxels near each other for one it writes; a chain
   of transforms is resampled once, however long it is. */
#include "example.h"

static void profile_warp(ex *e) {
    mv_transform chain[3] = {{MEDVOL_TRANSFORM_FIELD, 0, {0}, NULL}, {MEDVOL_TRANSFORM_AFFINE, 0, {0}, NULL},
        {MEDVOL_TRANSFORM_VELOCITY, 0, {0}, NULL}};
    mv_volume head, u, out = {0}, map = {0}, labels = {0}, moved = {0}, w = {0}, back = {0};
    mv_warp_opt opt = {0};
    mv_jacobian_stats stats = {0};
    double bytes, wrong;
    size_t i;

    ex_input(e, &head, MEDVOL_F32);
    if (head.ndim != 3) ex_quit(e, EX_UNSUPPORTED, "%s: one volume of three axes is needed", e->input);
    ex_bend(e, &u, &head, 5.0);
    ex_turn(&head, 20.0, 15.0, chain[1].affine);
    chain[0].field = chain[2].field = &u;
    bytes = ex_bytes(&head);

    EX_OK(mv_warp(&e->ctx, &out, &head, &head, chain, 1, &opt));
    for (ex_begin(e, "warp, linear", &head, 4 * bytes, 0, 0, bytes); ex_more(e);)
        EX_OK(mv_warp(&e->ctx, &out, &head, &head, chain, 1, &opt));
    opt.interp = MEDVOL_CUBIC;
    for (ex_begin(e, "warp, cubic B-spline", &head, 4 * bytes, 0, 0, bytes); ex_more(e);)
        EX_OK(mv_warp(&e->ctx, &out, &head, &head, chain, 1, &opt));
    opt.interp = MEDVOL_LINEAR;
    for (ex_begin(e, "warp by field and affine", &head, 4 * bytes, 0, 0, bytes); ex_more(e);)
        EX_OK(mv_warp(&e->ctx, &out, &head, &head, chain, 2, &opt));
    for (ex_begin(e, "warp by those and a velocity", &head, 7 * bytes, 0, 0, bytes); ex_more(e);)
        EX_OK(mv_warp(&e->ctx, &out, &head, &head, chain, 3, &opt));

    ex_empty_like(e, &labels, &head, MEDVOL_I16);
    memcpy(labels.affine, head.affine, sizeof head.affine);
    for (i = 0; i < mv_volume_count(&head); i++) {
        const float f = ((const float *)head.data)[i] / 100.0f;
        ((int16_t *)labels.data)[i] = (int16_t)(fabsf(f) < 32767.0f ? f : 0.0f);
    }
    opt.labels = 1;
    for (ex_begin(e, "warp of labels", &labels, 3.5 * bytes, 0, 0, 0.5 * bytes); ex_more(e);)
        EX_OK(mv_warp(&e->ctx, &moved, &labels, &labels, chain, 1, &opt));

    EX_OK(mv_transform_field(&e->ctx, &w, &head, chain, 2));
    for (ex_begin(e, "composition", &u, 2 * 3 * bytes, 0, 0, 3 * bytes); ex_more(e);)
        EX_OK(mv_transform_field(&e->ctx, &w, &head, chain, 2));
    for (ex_begin(e, "Jacobian determinant", &u, 3 * bytes, 0, 0, bytes); ex_more(e);)
        EX_OK(mv_field_jacobian(&e->ctx, &map, &stats, &u, NULL));
    EX_EXPECT(e, stats.folded == 0, "warp: the field does not fold");
    for (ex_begin(e, "exponential", &u, 3 * bytes, 0, 0, 3 * bytes); ex_more(e);)
        EX_OK(mv_field_exp(&e->ctx, &w, &u, NULL));
    for (ex_begin(e, "inverse", &u, 3 * bytes, 0, 0, 3 * bytes); ex_more(e);)
        EX_OK(mv_field_invert(&e->ctx, &back, &u, NULL));

    /* there and back again */
    chain[1].kind = MEDVOL_TRANSFORM_FIELD;
    chain[1].field = &back;
    wrong = ex_apart(e, &head, chain, 2, NULL, 0);
    EX_EXPECT(e, wrong < 0.05 * 240.0 / (double)head.dim[0], "warp: a field and its inverse undo each other");

    mv_volume_free(&e->ctx, &head);
    mv_volume_free(&e->ctx, &u);
    mv_volume_free(&e->ctx, &out);
    mv_volume_free(&e->ctx, &map);
    mv_volume_free(&e->ctx, &labels);
    mv_volume_free(&e->ctx, &moved);
    mv_volume_free(&e->ctx, &w);
    mv_volume_free(&e->ctx, &back);
}
EX_PROFILER(profile_warp, "warps and the algebra of displacement fields")
