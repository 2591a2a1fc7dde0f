/* profile_save - voxels into files: plain, converted, gzipped at several levels, and a picture.

   Build:  cc -O2 examples/profile_save.c -lm -lpthread -o profile_save
   Run:    ./profile_save 256 20              (the file is written to TMPDIR and removed)
   Shows:  block gzip at level 1 uses every thread and nearly the size of level 6; a save is atomic, and what
           waiting for the disk adds. */
#include "example.h"

static void save_row(
    ex *e, const char *name, const mv_volume *v, const char *path, const mv_save_opt *opt, double file) {
    for (ex_begin_file(e, name, v, file); ex_more(e);) EX_SAVED(mv_save(&e->ctx, v, path, opt));
}
static void profile_save(ex *e) {
    mv_volume head, scan, back = {0}, picture = {0};
    mv_save_opt opt = {0}, gzip = {0};
    const char *nii = ex_temp("save.nii"), *gz = ex_temp("save.nii.gz"), *png = ex_temp("save.png");
    double b;

    ex_input(e, &head, MEDVOL_F32);
    ex_input(e, &scan, MEDVOL_I16);
    b = ex_bytes(&head);
    opt.no_sync = gzip.no_sync = 1;

    /* what was saved comes back: voxels bit for bit, geometry to the float of NIfTI-1 */
    EX_SAVED(mv_save(&e->ctx, &scan, gz, NULL));
    EX_OK(mv_load(&e->ctx, &back, gz, NULL));
    EX_EXPECT(
        e, back.dtype == MEDVOL_I16 && !memcmp(back.data, scan.data, (size_t)b / 2), "save: the same voxels");
    EX_EXPECT(e, fabs(back.affine[3] - scan.affine[3]) < 1e-4, "save: the same geometry");
    mv_volume_free(&e->ctx, &back);

    save_row(e, "save .nii", &head, nii, &opt, b);
    save_row(e, "save .nii, wait for the disk", &head, nii, NULL, b);
    opt.dtype = MEDVOL_I16;
    save_row(e, "save .nii as i16", &head, nii, &opt, b / 2);
    save_row(e, "save .nii.gz level 1", &scan, gz, &gzip, 0);
    gzip.level = 6;
    save_row(e, "save .nii.gz level 6", &scan, gz, &gzip, 0);
    gzip.level = 1;
    gzip.container = MEDVOL_GZIP_PLAIN;
    save_row(e, "save .nii.gz level 1, one member", &scan, gz, &gzip, 0);
    for (ex_begin_still(e, "three planes as .png", &head); ex_more(e);) {
        mv_volume_free(&e->ctx, &picture);
        EX_OK(mv_render_planes(&e->ctx, &picture, &head, NULL));
        EX_SAVED(mv_save_png(&e->ctx, &picture, png, NULL));
    }
    remove(nii);
    remove(gz);
    remove(png);
    mv_volume_free(&e->ctx, &picture);
    mv_volume_free(&e->ctx, &head);
    mv_volume_free(&e->ctx, &scan);
}
EX_PROFILER(profile_save, "plain, converted, gzipped, pictures")
