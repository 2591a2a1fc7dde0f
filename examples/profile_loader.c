/* profile_loader - a list of scans, prepared ahead: loaded, cut to one shape, normalised, in a shuffled
   order; beside that, a file again and again, with a cache and without.

   Build:  cc -O2 examples/profile_loader.c -lm -lpthread -o profile_loader
   Run:    ./profile_loader 128 5             (files in TMPDIR, removed again; they come from the page cache)
           ./profile_loader --input t1.nii.gz   (times that file instead)
   Shows:  files side by side on all threads, and that a cached file costs a copy. */
#include "example.h"

enum { PROFILE_LOADER_FILES = 6 };
static void profile_loader(ex *e) {
    static const char *const label[2] = {"6 files, z-norm", "6 files, cut and z-norm, shuffled"};
    const char *paths[PROFILE_LOADER_FILES];
    const char *file = e->input ? e->input : ex_temp("loader.nii.gz");
    mv_volume head, v, want;
    mv_loader_opt o;
    mv_loader_item item;
    mv_loader *l = NULL;
    mv_cache *cache = NULL;
    mv_save_opt save;
    int k, seen;

    memset(&v, 0, sizeof v);
    memset(&want, 0, sizeof want);
    memset(&save, 0, sizeof save);
    if (e->input) {
        memset(&head, 0, sizeof head);
        EX_OK(mv_load(&e->ctx, &head, file, NULL));
    } else {
        ex_make_head(e, &head, MEDVOL_I16, e->size, e->size, e->size, NULL, 20.0);
        save.no_sync = 1;
        EX_SAVED(mv_save(&e->ctx, &head, file, &save));
    }
    for (k = 0; k < PROFILE_LOADER_FILES; k++) paths[k] = file; /* of as many files the work is the same */
    for (k = 0; k < 2; k++) {
        memset(&o, 0, sizeof o);
        o.normalise = MEDVOL_LOADER_ZNORM;
        o.stop = 1;
        if (k == 1) {
            o.shape[0] = head.dim[0] - head.dim[0] / 4, o.shape[1] = head.dim[1] + 2;
            o.shuffle = 1, o.seed = 7;
        }
        ex_begin(e, label[k], &head, 0, 0, 0, 0);
        while (ex_more(e)) {
            EX_OK(mv_loader_open(&e->ctx, &l, paths, PROFILE_LOADER_FILES, &o));
            for (seen = 0;; seen++) {
                EX_OK(mv_loader_next(&e->ctx, l, &v, &item));
                if (item.done) break;
            }
            EX_EXPECT(e, seen == PROFILE_LOADER_FILES, "loader: every file once");
            mv_loader_close(&e->ctx, l);
        }
        if (k == 0) {
            EX_OK(mv_znorm(&e->ctx, &want, &head, NULL));
            EX_EXPECT(e, v.data && want.data && !memcmp(v.data, want.data, (size_t)ex_bytes(&want)),
                      "loader: as by hand");
        } else EX_EXPECT(e, v.dim[0] == o.shape[0], "loader: of that shape");
        mv_volume_free(&e->ctx, &v);
    }
    EX_OK(mv_cache_open(&e->ctx, &cache, NULL));
    for (ex_begin(e, "a file, loaded", &head, 0, 0, 0, 0); ex_more(e);)
        EX_OK(mv_load(&e->ctx, &v, file, NULL));
    for (ex_begin(e, "a file, cached", &head, 0, ex_bytes(&head), 0, 0); ex_more(e);)
        EX_OK(mv_load_cached(&e->ctx, cache, &v, file, NULL));
    EX_EXPECT(e, !memcmp(v.data, head.data, (size_t)ex_bytes(&head)), "cached load: the same voxels");
    mv_cache_close(&e->ctx, cache);
    if (!e->input) remove(file);
    mv_volume_free(&e->ctx, &want);
    mv_volume_free(&e->ctx, &v);
    mv_volume_free(&e->ctx, &head);
}
EX_PROFILER(profile_loader, "lists of scans prepared ahead, a file through a cache")
