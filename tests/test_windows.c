/* test_windows.c - what files are on Windows alone: names in UTF-8 and with backslashes, devices, targets
   that another program holds or that are read-only. On other systems there are no cases. */
#ifdef _WIN32
#  define WIN32_LEAN_AND_MEAN 1
#  include <windows.h>
#endif
#include "test.h"

#ifdef _WIN32
static int temps_left(const char *pattern) {
    WIN32_FIND_DATAA found;
    HANDLE h = FindFirstFileA(pattern, &found);
    int n = 0;
    if (h == INVALID_HANDLE_VALUE) return 0;
    do n++;
    while (FindNextFileA(h, &found));
    FindClose(h);
    return n;
}
static void small(mv_volume *v, unsigned char first) {
    static const size_t dim[3] = {3, 2, 2};
    CHECK_OK(mv_volume_alloc(T, v, MEDVOL_U8, 3, dim));
    memset(v->data, first, 12);
}
/* the first voxel of the file; -1: cannot be loaded */
static int first_voxel(const char *path) {
    mv_volume v = {0};
    int first = mv_load(T, &v, path, NULL) < 0 ? -1 : ((unsigned char *)v.data)[0];
    mv_volume_free(T, &v);
    return first;
}
static void test_names(void) {
    static const char utf8[] = "build/tmp/gr\xc3\xb6\xc3\x9f" "e \xe8\x84\xb3 \xf0\x9f\xa7\xa0.nii.gz";
    static const wchar_t wide[] = L"build/tmp/gr\u00f6\u00dfe \u8133 \U0001f9e0.nii.gz";
    mv_volume v = {0};
    char *deep = (char *)malloc(5001);
    small(&v, 7);
    CHECK_OK(mv_save(T, &v, utf8, NULL));
    CHECK(GetFileAttributesW(wide) != INVALID_FILE_ATTRIBUTES); /* under its own name, not a mangled one */
    CHECK(first_voxel(utf8) == 7);
    CHECK(DeleteFileW(wide));
    CHECK_STATUS(mv_save(T, &v, "build/tmp/\xff\xfe.nii", NULL), MEDVOL_E_NOTFOUND); /* no UTF-8 */
    CHECK_STATUS(mv_load(T, &(mv_volume){0}, "build/tmp/\xc3.nii", NULL), MEDVOL_E_NOTFOUND);

    /* the temporary file lay in that folder, not here */
    CHECK_OK(mv_save(T, &v, "build\\tmp\\back.nii", NULL));
    CHECK(first_voxel("build/tmp/back.nii") == 7 && first_voxel("build\\tmp/back.nii") == 7);
    CHECK_OK(mv_save(T, &v, "build\\tmp\\BACK.NII", NULL));
    CHECK(first_voxel("build\\tmp\\back.nii") == 7);
    remove("build/tmp/back.nii");

    memset(deep, 'd', 5000);
    deep[5000] = 0;
    CHECK(mv_save(T, &v, deep, NULL) < 0 && mv_load(T, &(mv_volume){0}, deep, NULL) < 0);
    memcpy(deep, "build/tmp/", 10), deep[400] = 0; /* a name that no folder takes */
    CHECK_STATUS(mv_save(T, &v, deep, NULL), MEDVOL_E_NOTFOUND);
    CHECK_STATUS(mv_save(T, &v, "build/tmp", NULL), MEDVOL_E_UNSUPPORTED);
    CHECK_STATUS(mv_load(T, &(mv_volume){0}, "build/tmp", NULL), MEDVOL_E_UNSUPPORTED);
    CHECK(mv_load(T, &(mv_volume){0}, "NUL", NULL) < 0);
    CHECK(mv_save(T, &v, "build/tmp/a?b.nii", NULL) < 0);
    CHECK_STATUS(mv_save(T, &v, "build/tmp/no/such/x.nii", NULL), MEDVOL_E_NOTFOUND);
    CHECK(temps_left("build\\tmp\\.*mvtmp*") == 0);
    free(deep);
    mv_volume_free(T, &v);
}
/* Somebody else has the target open: the file is the old one, whole, or the new one; nothing lies about. */
static void test_held(void) {
    static const DWORD shares[] = {0, FILE_SHARE_READ, FILE_SHARE_READ | FILE_SHARE_WRITE,
        FILE_SHARE_READ | FILE_SHARE_DELETE, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE};
    const char *path = "build/tmp/held.nii";
    mv_volume v = {0};
    size_t i;
    for (i = 0; i < sizeof shares / sizeof *shares; i++) {
        mv_status st;
        HANDLE h;
        small(&v, 1);
        CHECK_OK(mv_save(T, &v, path, NULL));
        h = CreateFileA(path, GENERIC_READ, shares[i], NULL, OPEN_EXISTING, FILE_ATTRIBUTE_NORMAL, NULL);
        CHECK(h != INVALID_HANDLE_VALUE);
        ((unsigned char *)v.data)[0] = 2;
        st = mv_save(T, &v, path, NULL);
        CHECK(st == MEDVOL_OK || st == MEDVOL_E_ACCESS);
        if (!(shares[i] & FILE_SHARE_DELETE)) CHECK(st == MEDVOL_E_ACCESS);
        if (!shares[i]) CHECK_STATUS(mv_load(T, &(mv_volume){0}, path, NULL), MEDVOL_E_ACCESS);
        CloseHandle(h);
        CHECK(first_voxel(path) == (st == MEDVOL_OK ? 2 : 1));
        CHECK_OK(mv_save(T, &v, path, NULL)); /* let go, it is replaced */
        CHECK(first_voxel(path) == 2);
        mv_volume_free(T, &v);
    }
    small(&v, 3);
    CHECK(SetFileAttributesA(path, FILE_ATTRIBUTE_READONLY));
    {
        mv_status st = mv_save(T, &v, path, NULL); /* wine lets it be replaced */
        CHECK(st == MEDVOL_OK || st == MEDVOL_E_ACCESS);
        CHECK(first_voxel(path) == (st == MEDVOL_OK ? 3 : 2));
    }
    CHECK(SetFileAttributesA(path, FILE_ATTRIBUTE_NORMAL));
    mv_volume_free(T, &v);
    CHECK(temps_left("build\\tmp\\.*mvtmp*") == 0);
    remove(path);
}
#endif

const t_case tests_windows[] = {
#ifdef _WIN32
    {"names", test_names, T_ONCE},
    {"held", test_held, T_ONCE},
#endif
    {NULL, NULL, 0},
};
