/* profile_resample - volumes on other grids: finer, coarser, turned.

   Build:  cc -O2 examples/profile_resample.c -lm -lpthread -o profile_resample
   Run:    ./profile_resample 256 10
   Shows:  a change of spacing works axis by axis and costs little more than the memory it fills; a rotation
   has to gather. */
#include "example.h"

/* Every voxel away from the border of a volume resampled from a linear function of world position has that
   function's value. */
static int is_linear(const mv_volume *v, size_t margin) {
    size_t i[3];
    for (i[2] = margin; i[2] + margin < v->dim[2]; i[2]++)
        for (i[1] = margin; i[1] + margin < v->dim[1]; i[1]++)
            for (i[0] = margin; i[0] + margin < v->dim[0]; i[0]++) {
                double p[3], world[3], want, got;
                p[0] = (double)i[0], p[1] = (double)i[1], p[2] = (double)i[2];
                mv_voxel_to_world(v, world, p);
                want = 500.0 + world[0] + 2.0 * world[1] - 0.5 * world[2];
                got = ((
                    const float *)v->data)[i[0] + i[1] * (size_t)v->stride[1] + i[2] * (size_t)v->stride[2]];
                if (!(fabs(got - want) < 0.01)) return 0;
            }
    return 1;
}
static void check(ex *e) {
    size_t dim[3] = {20, 24, 18}, i[3];
    mv_volume ramp, out = {0};
    double fine[3] = {0.7, 0.7, 0.7}, p[3], world[3];
    mv_resample_opt opt = {0};
    EX_OK(mv_volume_alloc(&e->ctx, &ramp, MEDVOL_F32, 3, dim));
    ramp.affine[1] = 0.2; /* oblique */
    ramp.affine[4] = -0.2;
    for (i[2] = 0; i[2] < dim[2]; i[2]++)
        for (i[1] = 0; i[1] < dim[1]; i[1]++)
            for (i[0] = 0; i[0] < dim[0]; i[0]++) {
                p[0] = (double)i[0], p[1] = (double)i[1], p[2] = (double)i[2];
                mv_voxel_to_world(&ramp, world, p);
                ((float *)ramp.data)[i[0] + dim[0] * (i[1] + dim[1] * i[2])] =
                    (float)(500.0 + world[0] + 2.0 * world[1] - 0.5 * world[2]);
            }
    EX_OK(mv_resample_spacing(&e->ctx, &out, &ramp, fine, &opt));
    EX_EXPECT(e, is_linear(&out, 2), "resample: linear keeps a linear function of position");
    mv_volume_free(&e->ctx, &out);
    opt.interp = MEDVOL_CUBIC;
    opt.border = MEDVOL_BORDER_EDGE;
    EX_OK(mv_resample_spacing(&e->ctx, &out, &ramp, fine, &opt));
    EX_EXPECT(e, is_linear(&out, 10), "resample: cubic keeps a linear function of position");
    mv_volume_free(&e->ctx, &out);
    mv_volume_free(&e->ctx, &ramp);
}
static void spacing_row(ex *e, const char *name, const mv_volume *v, double factor, mv_interp interp) {
    mv_volume out = {0};
    mv_resample_opt opt = {0};
    double mm[3];
    int d;
    opt.interp = interp;
    mv_spacing(v, mm);
    for (d = 0; d < 3; d++) mm[d] *= factor;
    EX_OK(mv_resample_spacing(&e->ctx, &out, v, mm, &opt)); /* makes the memory that the timed calls fill */
    for (ex_begin(e, name, v, ex_bytes(v), 0, 0, ex_bytes(&out)); ex_more(e);)
        EX_OK(mv_resample_spacing(&e->ctx, &out, v, mm, &opt));
    mv_volume_free(&e->ctx, &out);
}
/* Ten degrees about an axis along none of the three, through the middle. */
static void ten_degrees(double *m, const size_t *dim) {
    const double c = cos(0.174533), s = sin(0.174533), u[3] = {0.36, 0.48, 0.8};
    double half[3];
    int r, k;
    for (r = 0; r < 3; r++) {
        half[r] = 0.5 * (double)(dim[r] - 1);
        for (k = 0; k < 3; k++) m[4 * r + k] = u[r] * u[k] * (1.0 - c) + (r == k ? c : 0.0);
    }
    m[1] -= s * u[2], m[2] += s * u[1];
    m[4] += s * u[2], m[6] -= s * u[0];
    m[8] -= s * u[1], m[9] += s * u[0];
    for (r = 0; r < 3; r++)
        m[4 * r + 3] = half[r] - m[4 * r] * half[0] - m[4 * r + 1] * half[1] - m[4 * r + 2] * half[2];
}
static void turn_row(ex *e, const char *name, const mv_volume *v, mv_interp interp) {
    mv_volume out = {0};
    mv_resample_opt opt = {0};
    double m[12], b = ex_bytes(v);
    opt.interp = interp;
    ten_degrees(m, v->dim);
    EX_OK(mv_resample_affine(&e->ctx, &out, v, m, v->dim, &opt));
    for (ex_begin(e, name, v, 0, b, 0, 0); ex_more(e);)
        EX_OK(mv_resample_affine(&e->ctx, &out, v, m, v->dim, &opt));
    mv_volume_free(&e->ctx, &out);
}
static void profile_resample(ex *e) {
    mv_volume head;
    check(e);
    ex_input(e, &head, MEDVOL_F32);
    if (head.ndim < 3) ex_quit(e, EX_USAGE, "%s: a volume of three axes is needed", e->input);
    spacing_row(e, "to 0.7 of the spacing, nearest", &head, 0.7, MEDVOL_NEAREST);
    spacing_row(e, "to 0.7 of the spacing, linear", &head, 0.7, MEDVOL_LINEAR);
    spacing_row(e, "to 0.7 of the spacing, cubic", &head, 0.7, MEDVOL_CUBIC);
    spacing_row(e, "to 0.7, cubic convolution", &head, 0.7, MEDVOL_CUBIC_CONV);
    spacing_row(e, "to half the voxels, nearest", &head, 2.0, MEDVOL_NEAREST);
    spacing_row(e, "to half the voxels, linear", &head, 2.0, MEDVOL_LINEAR);
    spacing_row(e, "to half the voxels, cubic", &head, 2.0, MEDVOL_CUBIC);
    turn_row(e, "turned by 10 degrees, nearest", &head, MEDVOL_NEAREST);
    turn_row(e, "turned by 10 degrees, linear", &head, MEDVOL_LINEAR);
    turn_row(e, "turned by 10 degrees, cubic", &head, MEDVOL_CUBIC);
    mv_volume_free(&e->ctx, &head);
}
EX_PROFILER(profile_resample, "to another spacing, and by an affine: nearest, linear, cubic")
