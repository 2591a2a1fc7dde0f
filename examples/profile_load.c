/* profile_load - files into voxels: header only, mapped, whole, converted, gzipped, a box out of the middle.

   Build:  cc -O2 examples/profile_load.c -lm -lpthread -o profile_load
   Run:    ./profile_load 256 20              (files in TMPDIR, removed again; they come from the page cache)
           ./profile_load --input t1.nii.gz   (times that file instead)
   Shows:  opening a file costs microseconds at any size, a crop costs what it holds, and block gzip loads in
           parallel. */
#include "example.h"

static void load_rows(
    ex *e, const char *name, const char *path, const mv_volume *like, const mv_load_opt *opt, double copy) {
    mv_volume v = {0};
    /* memory is reused */
    for (ex_begin(e, name, like, 0, copy, 0, 0); ex_more(e);) EX_OK(mv_load(&e->ctx, &v, path, opt));
    mv_volume_free(&e->ctx, &v);
}
static void load_own_file(ex *e) {
    mv_volume v = {0};
    mv_load_opt as_float = {0};
    as_float.dtype = MEDVOL_F32;
    EX_OK(mv_load(&e->ctx, &v, e->input, NULL));
    load_rows(e, "load", e->input, &v, NULL, 0);
    load_rows(e, "load as f32", e->input, &v, &as_float, 0);
    mv_volume_free(&e->ctx, &v);
}
static void profile_load(ex *e) {
    mv_volume head, scan, v = {0};
    mv_load_opt as_float = {0}, box = {0};
    mv_save_opt plain = {0}, block = {0}, one = {0};
    const char *f32 = ex_temp("f32.nii"), *i16 = ex_temp("i16.nii"), *gz = ex_temp("i16.nii.gz"),
               *single = ex_temp("one.nii.gz");
    double b;
    int d;

    if (e->input) {
        load_own_file(e);
        return;
    }
    ex_make_head(e, &head, MEDVOL_F32, e->size, e->size, e->size, NULL, 20.0);
    ex_make_head(e, &scan, MEDVOL_I16, e->size, e->size, e->size, NULL, 20.0);
    plain.no_sync = block.no_sync = one.no_sync = 1;
    one.container = MEDVOL_GZIP_PLAIN; /* a single member, as most programs write it */
    one.level = 6;
    EX_SAVED(mv_save(&e->ctx, &head, f32, &plain));
    EX_SAVED(mv_save(&e->ctx, &scan, i16, &plain));
    EX_SAVED(mv_save(&e->ctx, &scan, gz, &block));
    EX_SAVED(mv_save(&e->ctx, &scan, single, &one));
    b = ex_bytes(&head);

    /* what was saved comes back, bit for bit */
    EX_OK(mv_load(&e->ctx, &v, f32, NULL));
    EX_EXPECT(e, v.dtype == MEDVOL_F32 && !memcmp(v.data, head.data, (size_t)b), "load: the same voxels");
    mv_volume_free(&e->ctx, &v);
    EX_OK(mv_load(&e->ctx, &v, gz, NULL));
    EX_EXPECT(e, v.dtype == MEDVOL_I16 && !memcmp(v.data, scan.data, (size_t)b / 2),
        "load of .nii.gz: the same voxels");
    mv_volume_free(&e->ctx, &v);

    for (ex_begin_still(e, "load header", &head); ex_more(e);) {
        EX_OK(mv_load_header(&e->ctx, &v, f32, NULL));
        mv_volume_free(&e->ctx, &v);
    }
    for (ex_begin_still(e, "map, read the first voxel", &head); ex_more(e);) {
        EX_OK(mv_map(&e->ctx, &v, f32, NULL));
        ex_sink = ((const float *)v.data)[0];
        mv_volume_free(&e->ctx, &v);
    }
    load_rows(e, "load .nii", f32, &head, NULL, b);
    as_float.dtype = MEDVOL_F32;
    load_rows(e, "load .nii as f32", i16, &scan, &as_float, b);
    load_rows(e, "load .nii.gz, block gzip", gz, &scan, NULL, 0);
    load_rows(e, "load .nii.gz, one member", single, &scan, NULL, 0);
    load_rows(e, "load .nii.gz as f32", gz, &scan, &as_float, 0);
    box.crop = 3; /* the middle half of each axis: an eighth of the volume */
    for (d = 0; d < 3; d++) {
        box.start[d] = (int64_t)e->size / 4;
        box.size[d] = (int64_t)e->size / 2;
    }
    load_rows(e, "load a box of .nii", f32, &head, &box, b / 8);
    load_rows(e, "load a box of .nii.gz", gz, &scan, &box, 0);

    remove(f32);
    remove(i16);
    remove(gz);
    remove(single);
    mv_volume_free(&e->ctx, &head);
    mv_volume_free(&e->ctx, &scan);
}
EX_PROFILER(profile_load, "header, map, whole files, conversion, gzip, crop-first loads")
