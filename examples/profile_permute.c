/* profile_permute - axes exchanged, and any orientation turned to RAS.

   Build:  cc -O2 examples/profile_permute.c -lm -lpthread -o profile_permute
   Run:    ./profile_permute 256 20
   Shows:  that even exchanging x and z, the worst case for caches, keeps near the speed of a copy. */
#include "example.h"

static void profile_permute(ex *e) {
    static const int orders[4][7] = {
        {2, 1, 0, 3, 4, 5, 6}, {1, 2, 0, 3, 4, 5, 6}, {1, 0, 2, 3, 4, 5, 6}, {0, 2, 1, 3, 4, 5, 6}};
    static const char *const names[4] = {"permute z y x", "permute y z x", "permute y x z", "permute x z y"};
    mv_volume head, scan, label, out = {0}, turned = {0};
    double b, p[3], q[3], world[3], same[3];
    const float *from, *to;
    size_t at[3] = {3, 2, 1};
    int k;

    ex_input(e, &head, MEDVOL_F32);
    ex_input(e, &scan, MEDVOL_I16);
    ex_input(e, &label, MEDVOL_U8);
    if (head.ndim < 3) ex_quit(e, EX_USAGE, "%s: a volume of three axes is needed", e->input);
    EX_OK(mv_reorient(&e->ctx, &head, &head, "RAS", NULL));
    b = ex_bytes(&head);

    /* voxel (1, 2, 3) of the result is voxel (3, 2, 1) of the source, at the same place in the world; where
       there are fewer, the last */
    for (k = 0; k < 3; k++) {
        if (at[k] >= head.dim[k]) at[k] = head.dim[k] - 1;
        q[k] = (double)at[k], p[2 - k] = (double)at[k];
    }
    EX_OK(mv_permute(&e->ctx, &out, &head, orders[0]));
    mv_voxel_to_world(&out, world, p);
    mv_voxel_to_world(&head, same, q);
    from = (float *)head.data + at[0] + at[1] * (size_t)head.stride[1] + at[2] * (size_t)head.stride[2];
    to = (float *)out.data + at[2] + at[1] * (size_t)out.stride[1] + at[0] * (size_t)out.stride[2];
    EX_EXPECT(e, (*to == *from || *from != *from) &&
                     world[0] == same[0] && world[1] == same[1] && world[2] == same[2],
              "permute: a voxel and its place");
    for (k = 0; k < 4; k++) {
        mv_volume_free(&e->ctx, &out);
        EX_OK(mv_permute(&e->ctx, &out, &head, orders[k]));
        for (ex_begin(e, names[k], &head, 0, b, 0, 0); ex_more(e);)
            EX_OK(mv_permute(&e->ctx, &out, &head, orders[k]));
    }
    mv_volume_free(&e->ctx, &out);
    EX_OK(mv_permute(&e->ctx, &out, &scan, orders[0]));
    for (ex_begin(e, "permute z y x", &scan, 0, b / 2, 0, 0); ex_more(e);)
        EX_OK(mv_permute(&e->ctx, &out, &scan, orders[0]));
    mv_volume_free(&e->ctx, &out);
    EX_OK(mv_permute(&e->ctx, &out, &label, orders[0]));
    for (ex_begin(e, "permute z y x", &label, 0, b / 4, 0, 0); ex_more(e);)
        EX_OK(mv_permute(&e->ctx, &out, &label, orders[0]));
    mv_volume_free(&e->ctx, &out);

    /* a sagittal scan, i to posterior, j to inferior, k to left, turned to RAS and back: bit for bit the
       same */
    EX_OK(mv_reorient(&e->ctx, &turned, &head, "PIL", NULL));
    EX_OK(mv_reorient(&e->ctx, &out, &turned, "RAS", NULL));
    EX_EXPECT(e, !memcmp(out.data, head.data, (size_t)b), "reorient: there and back");
    for (ex_begin(e, "reorient PIL to RAS", &turned, 0, b, 0, 0); ex_more(e);)
        EX_OK(mv_reorient(&e->ctx, &out, &turned, "RAS", NULL));
    mv_volume_free(&e->ctx, &turned);
    mv_volume_free(&e->ctx, &out);
    for (ex_begin(e, "rot90 x y, to new memory", &head, 0, b, 0, 0); ex_more(e);) {
        mv_volume_free(&e->ctx, &out);
        EX_OK(mv_rot90(&e->ctx, &out, &head, 1, 0, 1));
    }
    mv_volume_free(&e->ctx, &out);
    mv_volume_free(&e->ctx, &head);
    mv_volume_free(&e->ctx, &scan);
    mv_volume_free(&e->ctx, &label);
}
EX_PROFILER(profile_permute, "permute, reorient, rotate by 90 degrees")
