/* profile_affine - rigid and affine registration of two heads 20 degrees and 15 mm apart.

   Build:  cc -O2 examples/profile_affine.c -lm -lpthread -o profile_affine
   Run:    ./profile_affine 181 5
   Shows:  correlation, squared differences and mutual information cost about the same: most of the time goes
   into pyramids and the finest level; the answer is known, and each row's is compared with it. */
#include "example.h"

static void affine_row(ex *e, const char *name, const mv_volume *fixed, const mv_volume *moving,
    const double *truth, const mv_register_affine_opt *opt) {
    mv_transform got = {MEDVOL_TRANSFORM_AFFINE, 0, {0}, NULL}, want = got;
    double mm[3];
    memcpy(want.affine, truth, sizeof want.affine);
    for (ex_begin_still(e, name, fixed); ex_more(e);)
        EX_OK(mv_register_affine(&e->ctx, got.affine, fixed, moving, opt));
    mv_spacing(fixed, mm);
    EX_EXPECT(e, ex_apart(e, fixed, &got, 1, &want, 1) < 0.25 * mm[0],
        "affine: a quarter of a voxel from the truth");
}
static void profile_affine(ex *e) {
    mv_register_affine_opt opt = {0};
    mv_volume fixed, moving;
    double truth[12];
    ex_pair(e, &fixed, &moving, 20.0, 15.0, 0.0, truth, NULL);
    affine_row(e, "rigid, correlation", &fixed, &moving, truth, &opt);
    opt.metric = MEDVOL_SSD;
    affine_row(e, "rigid, squared differences", &fixed, &moving, truth, &opt);
    opt.metric = MEDVOL_MI;
    affine_row(e, "rigid, mutual information", &fixed, &moving, truth, &opt);
    opt.model = MEDVOL_AFFINE;
    affine_row(e, "affine, mutual information", &fixed, &moving, truth, &opt);
    opt.metric = MEDVOL_NCC;
    affine_row(e, "affine, correlation", &fixed, &moving, truth, &opt);
    opt.symmetric = 1;
    affine_row(e, "affine, both ways at once", &fixed, &moving, truth, &opt);
    mv_volume_free(&e->ctx, &fixed);
    mv_volume_free(&e->ctx, &moving);
}
EX_PROFILER(profile_affine, "rigid and affine registration")
