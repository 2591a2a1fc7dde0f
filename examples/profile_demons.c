/* profile_demons - a warped head found again by demons: one step of each variant, and a whole registration.

   Build:  cc -O2 examples/profile_demons.c -lm -lpthread -o profile_demons
   Run:    ./profile_demons 128 5
   Shows:  a step costs a warp, a force and two smoothings; DIFFEOMORPHIC also composes, LOG
   takes two exponentials of the whole velocity. A bar on the terminal tells how far the last one is. */
#include "example.h"

static const char *const profile_demons_name[4] = {"diffeomorphic", "symmetric", "classic", "log-symmetric"};
/* displacement at element i of a grid, in mm along the world's axes: a smooth wave of 2 voxels */
static void profile_demons_wave(const mv_volume *v, size_t i, double *u) {
    const double q[3] = {(double)(i % v->dim[0]) / (double)v->dim[0],
                         (double)(i / v->dim[0] % v->dim[1]) / (double)v->dim[1],
                         (double)(size_t)(i / (v->dim[0] * v->dim[1])) / (double)v->dim[2]};
    double mm[3];
    int c;
    mv_spacing(v, mm);
    for (c = 0; c < 3; c++) u[c] = 2.0 * mm[c] * sin(6.0 * q[(c + 1) % 3] + c) * cos(5.0 * q[(c + 2) % 3]);
}
/* moving: the head, a little smoothed; fixed: the same, seen through the wave */
static void profile_demons_pair(ex *e, mv_volume *fixed, mv_volume *moving, const mv_volume *head) {
    const double sigma[3] = {1.0, 1.0, 1.0};
    const size_t n = mv_volume_count(head), dim[5] = {head->dim[0], head->dim[1], head->dim[2], 1, 3};
    mv_gaussian_opt smooth = {0};
    mv_transform by;
    mv_volume field;
    double u[3];
    size_t i, c;
    memset(&by, 0, sizeof by);
    smooth.voxels = 1;
    EX_OK(mv_gaussian(&e->ctx, moving, head, sigma, &smooth));
    EX_OK(mv_volume_alloc(&e->ctx, &field, MEDVOL_F32, 5, dim));
    memcpy(field.affine, head->affine, sizeof field.affine);
    for (i = 0; i < n; i++) {
        profile_demons_wave(head, i, u);
        for (c = 0; c < 3; c++) ((float *)field.data)[c * n + i] = (float)u[c];
    }
    by.kind = MEDVOL_TRANSFORM_FIELD;
    by.field = &field;
    EX_OK(mv_warp(&e->ctx, fixed, moving, moving, &by, 1, NULL));
    mv_volume_free(&e->ctx, &field);
}
/* mean distance from the wave, in voxels of the first axis, where the head is */
static double profile_demons_error(const mv_volume *field, const mv_volume *fixed) {
    const size_t n = mv_volume_count(fixed);
    double sum = 0.0, u[3], mm[3];
    size_t i, c, count = 0;
    mv_spacing(fixed, mm);
    for (i = 0; i < n; i++) {
        double s = 0.0;
        if (!(((const float *)fixed->data)[i] > 150.0f)) continue;
        profile_demons_wave(fixed, i, u);
        for (c = 0; c < 3; c++) s += pow((double)((const float *)field->data)[c * n + i] - u[c], 2.0);
        sum += sqrt(s) / mm[0];
        count++;
    }
    return count ? sum / (double)count : 1e9;
}
static void profile_demons_check(ex *e) {
    mv_volume head, fixed = {0}, moving = {0}, field = {0};
    int k;
    ex_make_head(e, &head, MEDVOL_F32, 48, 48, 48, NULL, 5.0);
    profile_demons_pair(e, &fixed, &moving, &head);
    for (k = 0; k < 4; k++) {
        mv_register_demons_opt opt = {0};
        opt.variant = (mv_demons)k;
        EX_OK(mv_register_demons(&e->ctx, &field, &fixed, &moving, &opt));
        EX_EXPECT(e, profile_demons_error(&field, &fixed) < 0.25, profile_demons_name[k]);
        mv_volume_free(&e->ctx, &field);
    }
    mv_volume_free(&e->ctx, &head);
    mv_volume_free(&e->ctx, &fixed);
    mv_volume_free(&e->ctx, &moving);
}
static void profile_demons(ex *e) {
    const int bar = ex_bar.on;
    mv_volume head, fixed = {0}, moving = {0}, field = {0};
    char name[64];
    double bytes;
    int k;
    profile_demons_check(e);
    ex_input(e, &head, MEDVOL_F32);
    if (head.ndim != 3) ex_quit(e, EX_USAGE, "%s: a volume of three axes is needed", e->input);
    profile_demons_pair(e, &fixed, &moving, &head);
    mv_volume_free(&e->ctx, &head);
    bytes = 5.0 * ex_bytes(&fixed); /* two images in, a field out */
    for (k = 0; k < 5; k++) {       /* the last one: a whole registration */
        mv_register_demons_opt opt = {0};
        opt.variant = (mv_demons)(k % 4);
        opt.control.levels = opt.control.iterations = k < 4;
        snprintf(name, sizeof name, "demons, %s, %s", k < 4 ? "a step" : "all steps",
            profile_demons_name[k % 4]);
#ifdef PROFILE_ALL
        if (k == 4 && e->size > 128) break;
#else
        if (k == 4) ex_bar.on = !e->json && ex_tty(stderr);
#endif
        for (ex_begin(e, name, &fixed, 0, bytes, 0, 0); ex_more(e);)
            EX_OK(mv_register_demons(&e->ctx, &field, &fixed, &moving, &opt));
        ex_bar_clear();
        mv_volume_free(&e->ctx, &field);
    }
    ex_bar.on = bar;
    mv_volume_free(&e->ctx, &fixed);
    mv_volume_free(&e->ctx, &moving);
}
EX_PROFILER(profile_demons, "demons: one step of each variant, a whole registration")
