/* test_firmware.c - what the library does where it has no platform: no file and no byte of memory but through
   the context, and it says so. On other systems there are no cases. */
#include "nifti.h"

#ifdef MEDVOL_NO_STDIO
static void test_no_platform(void) {
    static const size_t dim[3] = {4, 3, 2}, shape[3] = {8, 6, 4};
    static float data[4 * 3 * 2];
    spec s = {0};
    bytes f = make_file(s);
    mv_ctx bare = {0};
    mv_volume v = {0}, w = {0};
    mv_buffer b = {0};
    mv_io own = t_files;
    CHECK(mv_io_default() == NULL && mv_threads(&bare) == 1);
    CHECK_STATUS(mv_volume_alloc(NULL, &v, MEDVOL_F32, 3, dim), MEDVOL_E_NOMEM);
    CHECK_STATUS(mv_load_mem(NULL, &v, f.p, f.n, NULL), MEDVOL_E_NOMEM);
    CHECK_STATUS(mv_load_mem(&bare, &v, f.p, f.n, NULL), MEDVOL_E_NOMEM);
    CHECK(strstr(mv_message(&bare), "memory"));
    CHECK_STATUS(mv_load(NULL, &v, t_path("none.nii"), NULL), MEDVOL_E_UNSUPPORTED);
    CHECK_STATUS(mv_load(&bare, &v, t_path("none.nii"), NULL), MEDVOL_E_UNSUPPORTED);
    CHECK(strstr(mv_message(&bare), "desc.io"));
    CHECK_STATUS(mv_map(&bare, &v, t_path("none.nii"), NULL), MEDVOL_E_UNSUPPORTED);
    CHECK_OK(mv_volume_wrap(&bare, &v, data, MEDVOL_F32, 3, dim, NULL)); /* takes none */
    CHECK_OK(mv_flip(&bare, &v, &v, 7));
    CHECK_STATUS(mv_resample_shape(&bare, &w, &v, shape, NULL), MEDVOL_E_NOMEM);
    CHECK_STATUS(mv_save_mem(&bare, &b, NULL, &v, NULL), MEDVOL_E_NOMEM);
    CHECK_STATUS(mv_save(&bare, &v, t_path("none.nii"), NULL), MEDVOL_E_UNSUPPORTED);
    CHECK(!w.data && !b.data);
    bare.desc.io = &own; /* files without memory */
    CHECK_STATUS(mv_load(&bare, &w, t_path("none.nii"), NULL), MEDVOL_E_NOTFOUND);
    own.map = NULL; /* and as most boards are */
    file_put(t_path("some.nii"), f.p, f.n);
    bare = t_none;
    bare.desc.io = &own;
    CHECK_STATUS(mv_map(&bare, &w, t_path("some.nii"), NULL), MEDVOL_E_UNSUPPORTED);
    CHECK_OK(mv_load(&bare, &w, t_path("some.nii"), NULL));
    CHECK(same_voxels(&w, &s));
    mv_volume_free(&bare, &w);
    remove(t_path("some.nii"));
    free(f.p);
}
#endif

const t_case tests_firmware[] = {
#ifdef MEDVOL_NO_STDIO
    {"no_platform", test_no_platform, T_ONCE},
#endif
    {NULL, NULL, 0},
};
