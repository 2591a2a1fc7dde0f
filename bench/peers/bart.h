/* bart.h - BART as a process: files of a common name in, a command, a file out. */
#ifndef BART_H
#define BART_H
#include "../bench.h"

static const char *const bart_files[] = {"ksp", "maps", "mask", "traj", "image", "out"};
enum { BART_FILES = sizeof bart_files / sizeof *bart_files };

static inline int bart(const bench *b, const char *call) { /* %s: the files' common name */
    char command[4096], *end = command;
    const char *s;
    for (s = call; *s && end < command + sizeof command - 1000; s++)
        if (s[0] == '%' && s[1] == 's') end += sprintf(end, "%s", (const char *)b->peer_own), s++;
        else *end++ = *s;
    *end = 0;
    return system(command) != 0;
}
static inline int bart_put(bench *b, const char *file, const mv_volume *v) {
    char path[800];
    mv_volume pairs;
    int bad;
    memset(&pairs, 0, sizeof pairs);
    snprintf(path, sizeof path, "%s-%s.cfl", (const char *)b->peer_own, file);
    if (v->dtype == MEDVOL_C64) return mv_save(b->ctx, v, path, NULL) < 0;
    bad = mv_volume_alloc(b->ctx, &pairs, MEDVOL_C64, v->ndim, v->dim) < 0;
    if (!bad) { /* real: of floats or doubles */
        size_t i;
        for (i = 0; i < mv_volume_count(v); i++) {
            ((float *)pairs.data)[2 * i] = (float)bench_value(v, i);
            ((float *)pairs.data)[2 * i + 1] = 0;
        }
        bad = mv_save(b->ctx, &pairs, path, NULL) < 0;
    }
    mv_volume_free(b->ctx, &pairs);
    return bad;
}
static inline int bart_load(bench *b, mv_volume *v) {
    char path[800];
    memset(v, 0, sizeof *v);
    snprintf(path, sizeof path, "%s-out.cfl", (const char *)b->peer_own);
    return mv_load(b->ctx, v, path, NULL) < 0 || v->dtype != MEDVOL_C64;
}
static inline int bart_get(bench *b, mv_volume *v) { /* of the row's size */
    return bart_load(b, v) || mv_volume_count(v) != mv_volume_count(&b->out);
}
static inline int bart_begin(bench *b) {
    if (system("bart version >/dev/null 2>&1") != 0) return -1;
    if (!(b->peer_own = malloc(sizeof b->path[1] + 8))) return 1;
    strcpy((char *)b->peer_own, bench_path(b, 1, ""));
    return 0;
}
static inline void bart_end(bench *b) {
    int k, h;
    for (k = 0; b->peer_own && k < BART_FILES; k++)
        for (h = 0; h < 2; h++) {
            char path[800];
            snprintf(path, sizeof path, "%s-%s.%s", (const char *)b->peer_own, bart_files[k],
                h ? "hdr" : "cfl");
            remove(path);
        }
    free(b->peer_own);
}
#endif
