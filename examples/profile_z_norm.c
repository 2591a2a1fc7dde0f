/* profile_z_norm - z-score normalisation and the statistics behind it.

   Build:  cc -O2 examples/profile_z_norm.c -lm -lpthread -o profile_z_norm
   Run:    ./profile_z_norm 256 20
   Shows:  what it costs to let a call allocate its result, to give it memory, and to work in place. Two
           passes over memory are the least a z-norm can do: one to measure, one to map. */
#include "example.h"

static void profile_z_norm(ex *e) {
    mv_volume head, scan, out, fresh = {0};
    mv_znorm_opt nonzero = {0};
    mv_statistics st;
    const float *z;
    double n, b, sum = 0.0, squares = 0.0;
    size_t i;

    ex_input(e, &head, MEDVOL_F32);
    ex_input(e, &scan, MEDVOL_I16);
    ex_empty_like(e, &out, &head, MEDVOL_F32);
    b = ex_bytes(&head);
    n = (double)mv_volume_count(&head);

    /* the result has mean 0 and variance 1 */
    EX_OK(mv_znorm(&e->ctx, &out, &head, NULL));
    for (z = (const float *)out.data, i = 0; i < mv_volume_count(&out); i++) {
        sum += z[i];
        squares += (double)z[i] * z[i];
    }
    EX_EXPECT(e, fabs(sum / n) < 1e-6 && fabs(squares / n - 1.0) < 1e-6, "z_norm: mean 0, variance 1");

    for (ex_begin(e, "z_norm", &head, b, b, 0, 0); ex_more(e);) EX_OK(mv_znorm(&e->ctx, &out, &head, NULL));
    for (ex_begin(e, "z_norm to new memory", &head, b, b, 0, 0); ex_more(e);) {
        mv_volume_free(&e->ctx, &fresh); /* {0}: the call allocates */
        EX_OK(mv_znorm(&e->ctx, &fresh, &head, NULL));
    }
    mv_volume_free(&e->ctx, &fresh);
    for (ex_begin(e, "z_norm i16 to f32", &scan, b / 2, b / 2, 0, b / 2); ex_more(e);)
        EX_OK(mv_znorm(&e->ctx, &out, &scan, NULL));
    nonzero.nonzero = 1;
    for (ex_begin(e, "z_norm of non-zero voxels", &head, b, b, 0, 0); ex_more(e);)
        EX_OK(mv_znorm(&e->ctx, &out, &head, &nonzero));
    for (ex_begin(e, "statistics", &head, b, 0, 0, 0); ex_more(e);)
        EX_OK(mv_stats(&e->ctx, &st, &head, NULL));
    for (ex_begin(e, "z_norm in place", &head, b, 0, b, 0); ex_more(e);)
        EX_OK(mv_znorm(&e->ctx, &head, &head, NULL));

    mv_volume_free(&e->ctx, &head);
    mv_volume_free(&e->ctx, &scan);
    mv_volume_free(&e->ctx, &out);
}
EX_PROFILER(profile_z_norm, "z-score normalisation: dst = (src - mean) / sd")
