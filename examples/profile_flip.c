/* profile_flip - axes turned about, with the geometry kept true.

   Build:  cc -O2 examples/profile_flip.c -lm -lpthread -o profile_flip
   Run:    ./profile_flip 256 20
   Shows:  every flip runs at the speed of a copy, also along x, where each row is reversed; in place costs
   half. */
#include "example.h"

static void profile_flip(ex *e) {
    static const char *const names[7] = {
        "flip x", "flip y", "flip x y", "flip z", "flip x z", "flip y z", "flip x y z"};
    mv_volume head, scan, out, out16;
    double b;
    const float *f, *g;
    size_t n, i;
    unsigned axes;

    ex_input(e, &head, MEDVOL_F32);
    ex_input(e, &scan, MEDVOL_I16);
    ex_empty_like(e, &out, &head, MEDVOL_F32);
    ex_empty_like(e, &out16, &head, MEDVOL_I16);
    b = ex_bytes(&head);
    n = head.dim[0] * head.dim[1] * (head.ndim > 2 ? head.dim[2] : 1);

    /* all three axes at once: the last voxel comes first; the patient stays where he is */
    EX_OK(mv_flip(&e->ctx, &out, &head, 7));
    f = (const float *)head.data;
    g = (const float *)out.data;
    for (i = 0; i < n && g[i] == f[n - 1 - i]; i++) {}
    EX_EXPECT(e, i == n, "flip: voxels in reversed order");
    EX_EXPECT(e, out.affine[0] == -head.affine[0], "flip: the affine turns with the voxels");

    for (axes = 1; axes < 8; axes++) {
        if (axes == 3 || axes == 5 || axes == 6) continue;
        for (ex_begin(e, names[axes - 1], &head, 0, b, 0, 0); ex_more(e);)
            EX_OK(mv_flip(&e->ctx, &out, &head, axes));
    }
    for (ex_begin(e, "flip x y z", &scan, 0, b / 2, 0, 0); ex_more(e);)
        EX_OK(mv_flip(&e->ctx, &out16, &scan, 7));
    for (ex_begin(e, "flip x in place", &head, 0, 0, b, 0); ex_more(e);)
        EX_OK(mv_flip(&e->ctx, &head, &head, 1));
    for (ex_begin(e, "flip x y z in place", &head, 0, 0, b, 0); ex_more(e);)
        EX_OK(mv_flip(&e->ctx, &head, &head, 7));

    mv_volume_free(&e->ctx, &head);
    mv_volume_free(&e->ctx, &scan);
    mv_volume_free(&e->ctx, &out);
    mv_volume_free(&e->ctx, &out16);
}
EX_PROFILER(profile_flip, "flips along every axis, to memory and in place")
