/* profile_crop_pad - boxes out of a volume, borders around it.

   Build:  cc -O2 examples/profile_crop_pad.c -lm -lpthread -o profile_crop_pad
   Run:    ./profile_crop_pad 256 20
   Shows:  a crop costs what copying its voxels costs, a view of the same box nothing; a pad writes each voxel
   once. */
#include "example.h"

static float get(const mv_volume *v, size_t i, size_t j, size_t k) {
    return ((const float *)v->data)[i + j * (size_t)v->stride[1] + k * (size_t)v->stride[2]];
}
static void profile_crop_pad(ex *e) {
    mv_volume head, out = {0}, view;
    size_t start[7] = {0}, size[7] = {0}, before[7] = {0}, after[7] = {0}, shape[7] = {0};
    double in, box, big, p[3] = {0, 0, 0}, world[3], same[3], where[3] = {0, 0, 0};
    mv_pad_opt pad = {0};
    int d;

    ex_input(e, &head, MEDVOL_F32);
    for (d = 0; d < head.ndim; d++) {
        size[d] = shape[d] = head.dim[d];
        if (d > 2) continue;
        size[d] = (head.dim[d] * 3 + 3) / 4;
        start[d] = (head.dim[d] - size[d]) / 2;
        where[d] = (double)start[d];
        before[d] = after[d] = head.dim[d] / 8;
    }
    shape[0] = size[0];                 /* crop-or-pad: narrower in x, longer in z */
    if (head.ndim > 2) shape[2] = head.dim[2] + head.dim[2] / 4;
    in = ex_bytes(&head);

    /* the box's corner voxel is the same number at the same place in the world */
    EX_OK(mv_crop(&e->ctx, &out, &head, start, size, NULL));
    mv_voxel_to_world(&out, world, p);
    mv_voxel_to_world(&head, same, where);
    EX_EXPECT(e, get(&out, 0, 0, 0) == get(&head, start[0], start[1], start[2]), "crop: the corner voxel");
    EX_EXPECT(e, fabs(world[0] - same[0]) + fabs(world[1] - same[1]) + fabs(world[2] - same[2]) < 1e-9,
        "crop: the corner's place");
    box = ex_bytes(&out);

    for (ex_begin(e, "crop to 3/4", &head, 0, box, 0, 0); ex_more(e);)
        EX_OK(mv_crop(&e->ctx, &out, &head, start, size, NULL));
    for (ex_begin_still(e, "view of 3/4", &head); ex_more(e);)
        EX_OK(mv_volume_view(&e->ctx, &view, &head, start, size));
    mv_volume_free(&e->ctx, &out);

    EX_OK(mv_pad(&e->ctx, &out, &head, before, after, NULL));
    EX_EXPECT(e, get(&out, before[0], before[1], before[2]) == get(&head, 0, 0, 0), "pad: the corner voxel");
    EX_EXPECT(e, before[0] + before[1] + before[2] == 0 || get(&out, 0, 0, 0) == 0.0f, "pad: the border");
    big = ex_bytes(&out);
    for (ex_begin(e, "pad to 5/4, constant", &head, 0, in, 0, big - in); ex_more(e);)
        EX_OK(mv_pad(&e->ctx, &out, &head, before, after, &pad));
    pad.mode = MEDVOL_PAD_EDGE;
    for (ex_begin(e, "pad to 5/4, edge", &head, 0, in, 0, big - in); ex_more(e);)
        EX_OK(mv_pad(&e->ctx, &out, &head, before, after, &pad));
    pad.mode = MEDVOL_PAD_REFLECT;
    for (ex_begin(e, "pad to 5/4, reflect", &head, 0, in, 0, big - in); ex_more(e);)
        EX_OK(mv_pad(&e->ctx, &out, &head, before, after, &pad));
    mv_volume_free(&e->ctx, &out);

    EX_OK(mv_crop_or_pad(&e->ctx, &out, &head, shape, NULL));
    big = ex_bytes(&out);
    for (ex_begin(e, "crop or pad", &head, 0, big * 0.8, 0, big * 0.2); ex_more(e);)
        EX_OK(mv_crop_or_pad(&e->ctx, &out, &head, shape, NULL));
    mv_volume_free(&e->ctx, &out);
    for (ex_begin(e, "foreground box", &head, in, 0, 0, 0); ex_more(e);)
        EX_OK(mv_foreground_box(&e->ctx, start, size, &head, NULL));

    mv_volume_free(&e->ctx, &head);
}
EX_PROFILER(profile_crop_pad, "crop, pad, crop-or-pad, foreground box")
