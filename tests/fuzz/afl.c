/* afl.c - AFL++ on the file path: header, map and load of the file named by the argument, again and again in
   one process. What loads is saved beside it and loaded again. afl-clang-fast; see run.sh. */
#define MEDVOL_IMPLEMENTATION
#define MEDVOL_NO_INTENSITY
#define MEDVOL_NO_SPATIAL
#define MEDVOL_NO_RESAMPLE
#define MEDVOL_NO_FILTER
#define MEDVOL_NO_FIELD
#define MEDVOL_NO_MEASURE
#define MEDVOL_NO_STATS
#define MEDVOL_NO_REGISTER
#define MEDVOL_NO_FLOW
#define MEDVOL_NO_NEAREST
#define MEDVOL_NO_LANDMARK
#define MEDVOL_NO_LAYER
#define MEDVOL_NO_CACHE
#define MEDVOL_NO_TRANSPORT
#include "medvol.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MUST(x) do { if (!(x)) abort(); } while (0)
static size_t alive;
static void *take(void *user, size_t n) {
    void *p = n > (size_t)8 << 20 ? NULL : malloc(n);
    (void)user;
    alive += p != NULL;
    return p;
}
static void give(void *user, void *p) {
    (void)user;
    alive -= p != NULL;
    free(p);
}
static void all(mv_ctx *c, const char *path, const char *copy) {
    mv_volume v, w;
    mv_load_opt o;
    mv_save_opt so;
    mv_status st;
    memset(&v, 0, sizeof v);
    memset(&w, 0, sizeof w);
    memset(&o, 0, sizeof o);
    memset(&so, 0, sizeof so);
    o.analyze = 1;
    so.no_sync = 1;
    if (mv_load_header(c, &v, path, &o) == MEDVOL_OK) MUST(!v.data && v.nifti);
    if (mv_map(c, &v, path, &o) == MEDVOL_OK) /* every byte can be read */
        (void)mv_crc32(0, v.data, mv_volume_count(&v) * mv_dtype_size(v.dtype));
    mv_volume_free(c, &v);
    st = mv_load(c, &v, path, &o);
    MUST(st == MEDVOL_OK || (st < 0 && c->error.text[0] && !v.data));
    if (st == MEDVOL_OK && v.dtype != MEDVOL_F16 && v.dtype != MEDVOL_BF16) {
        if (mv_save(c, &v, copy, &so) == MEDVOL_OK && mv_load(c, &w, copy, NULL) == MEDVOL_OK)
            MUST(w.dtype == v.dtype &&
                !memcmp(w.data, v.data, mv_volume_count(&v) * mv_dtype_size(v.dtype)));
    }
    mv_volume_free(c, &v);
    mv_volume_free(c, &w);
    MUST(alive == 0);
}
int main(int argc, char **argv) {
    mv_ctx c;
    mv_ctx_desc d;
    char copy[512];
    if (argc < 2) { fprintf(stderr, "afl FILE\n"); return 2; }
    memset(&d, 0, sizeof d);
    d.threads = 1;
    d.mem_alloc = take, d.mem_free = give;
    d.limits.max_bytes = 2 << 20;
    if (mv_ctx_init(&c, &d) < 0) return 1;
    snprintf(copy, sizeof copy, "%s.copy.nii", argv[1]);
#ifdef __AFL_LOOP
    while (__AFL_LOOP(1000)) all(&c, argv[1], copy);
#else
    all(&c, argv[1], copy);
#endif
    unlink(copy);
    mv_ctx_free(&c);
    return 0;
}
