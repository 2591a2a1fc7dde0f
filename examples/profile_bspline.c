/* profile_bspline - a head against itself, bent: B-splines by each measure, and how near the truth they come.

   Build:  cc -O2 examples/profile_bspline.c -lm -lpthread -o profile_bspline
   Run:    ./profile_bspline 128 5
   Shows:  a registration takes some tens of passes over the finest level, less than half of them there; local
   correlation costs a half more than squares and is the most accurate. */
#include "example.h"

/* u of every point of the world in mm: a wave of 3 % of the side along each axis; side: in mm */
static void bend_at(double *u, const double *p, double side) {
    const double k = 6.283185307 / side;
    u[0] = 0.03 * side * sin(1.6 * k * p[1] + 0.4) * cos(1.1 * k * p[2]);
    u[1] = 0.03 * side * cos(1.4 * k * p[0]) * sin(1.2 * k * p[2] + 0.9);
    u[2] = 0.03 * side * sin(1.3 * k * p[0] + 0.2) * cos(1.5 * k * p[1]);
}
static double side_of(const mv_volume *v) {
    double mm[3];
    mv_spacing(v, mm);
    return mm[0] * (double)v->dim[0];
}
static void bent(ex *e, mv_volume *field, const mv_volume *v) {
    size_t dim[5], i, z, n = v->dim[0] * v->dim[1] * v->dim[2];
    int c;
    for (c = 0; c < 3; c++) dim[c] = v->dim[c];
    dim[3] = 1, dim[4] = 3;
    EX_OK(mv_volume_alloc(&e->ctx, field, MEDVOL_F32, 5, dim));
    memcpy(field->affine, v->affine, sizeof field->affine);
    for (i = 0; i < n; i++) {
        double x[3], p[3], u[3];
        x[0] = (double)(i % dim[0]), x[1] = (double)(i / dim[0] % dim[1]);
        z = i / (dim[0] * dim[1]);
        x[2] = (double)z;
        mv_voxel_to_world(v, p, x);
        bend_at(u, p, side_of(v));
        for (c = 0; c < 3; c++) ((float *)field->data)[(size_t)c * n + i] = (float)u[c];
    }
}
/* mean distance in voxels of where the head is bright */
static double error_of(const mv_volume *got, const mv_volume *truth, const mv_volume *head) {
    const float *a = (const float *)got->data, *b = (const float *)truth->data;
    const float *f = (const float *)head->data;
    const size_t n = mv_volume_count(head);
    double sum = 0.0, count = 0.0;
    size_t i, c;
    for (i = 0; i < n; i++) {
        double d = 0.0;
        if (!(f[i] > 150.0f)) continue;
        for (c = 0; c < 3; c++) d += pow((double)a[c * n + i] - (double)b[c * n + i], 2.0);
        sum += sqrt(d), count += 1.0;
    }
    return count > 0.0 ? sum / count / side_of(head) * (double)head->dim[0] : 0.0;
}
static void bspline_row(ex *e, const char *name, const mv_volume *fixed, const mv_volume *moving,
                const mv_volume *truth, mv_similarity metric, int radius) {
    mv_volume points = {0}, field = {0};
    mv_register_bspline_opt o;
    double error;
    memset(&o, 0, sizeof o);
    o.metric = metric, o.radius = radius, o.field = &field;
    EX_OK(mv_register_bspline(&e->ctx, &points, fixed, moving, &o)); /* makes the memory of the timed calls */
    error = error_of(&field, truth, fixed);
    EX_EXPECT(e, error < 0.6, "bspline: the field is near the truth");
    for (ex_begin(e, name, fixed, 2.0 * ex_bytes(fixed), 0, 0, ex_bytes(&field)); ex_more(e);)
        EX_OK(mv_register_bspline(&e->ctx, &points, fixed, moving, &o));
    if (!e->json) printf("# %s: %.3f voxels from the truth in the mean\n", name, error);
    mv_volume_free(&e->ctx, &points);
    mv_volume_free(&e->ctx, &field);
}
static void profile_bspline(ex *e) {
    mv_volume head, fixed = {0}, truth = {0};
    mv_transform by;
    ex_input(e, &head, MEDVOL_F32);
    if (head.ndim != 3) ex_quit(e, EX_USAGE, "%s: a volume of three axes is needed", e->input);
    bent(e, &truth, &head);
    memset(&by, 0, sizeof by);
    by.kind = MEDVOL_TRANSFORM_FIELD, by.field = &truth;
    EX_OK(mv_warp(&e->ctx, &fixed, &head, &head, &by, 1, NULL));
    bspline_row(e, "squares", &fixed, &head, &truth, MEDVOL_SSD, 0);
    bspline_row(e, "correlation", &fixed, &head, &truth, MEDVOL_NCC, 0);
    bspline_row(e, "mutual information", &fixed, &head, &truth, MEDVOL_MI, 0);
    bspline_row(e, "local correlation", &fixed, &head, &truth, MEDVOL_NCC, 2);
    mv_volume_free(&e->ctx, &truth);
    mv_volume_free(&e->ctx, &fixed);
    mv_volume_free(&e->ctx, &head);
}
EX_PROFILER(profile_bspline, "B-splines: squares, correlation, mutual information, local correlation")
