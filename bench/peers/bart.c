/* needs: stdlib.h */
/* BART, where its program is in the path: whole processes of one thread, that read and write files in the page
   cache, as its users run it. */
#include "../bench.h"

static const char *const files[] = {"ksp", "maps", "mask", "out"};
enum { FILES = sizeof files / sizeof *files };

static int bart(const bench *b, const char *call) { /* %s: the files' common name */
    char command[4096];
    const char *name = (const char *)b->peer_own;
    snprintf(command, sizeof command, call, name, name, name, name);
    return system(command) != 0;
}
static int put(bench *b, const char *file, const mv_volume *v) {
    char path[800];
    mv_volume pairs;
    int bad;
    memset(&pairs, 0, sizeof pairs);
    snprintf(path, sizeof path, "%s-%s.cfl", (const char *)b->peer_own, file);
    if (v->dtype == MEDVOL_C64) return mv_save(b->ctx, v, path, NULL) < 0;
    bad = mv_volume_alloc(b->ctx, &pairs, MEDVOL_C64, v->ndim, v->dim) < 0;
    if (!bad) {
        size_t i;
        for (i = 0; i < mv_volume_count(v); i++) {
            ((float *)pairs.data)[2 * i] = ((const float *)v->data)[i];
            ((float *)pairs.data)[2 * i + 1] = 0;
        }
        bad = mv_save(b->ctx, &pairs, path, NULL) < 0;
    }
    mv_volume_free(b->ctx, &pairs);
    return bad;
}
static int get(bench *b, mv_volume *v) {
    char path[800];
    memset(v, 0, sizeof *v);
    snprintf(path, sizeof path, "%s-out.cfl", (const char *)b->peer_own);
    return mv_load(b->ctx, v, path, NULL) < 0 || v->dtype != MEDVOL_C64 ||
        mv_volume_count(v) != mv_volume_count(&b->out);
}
static int begin(bench *b) {
    if (system("bart version >/dev/null 2>&1") != 0) return -1;
    if (!(b->peer_own = malloc(sizeof b->path[1] + 8))) return 1;
    strcpy((char *)b->peer_own, bench_path(b, 1, ""));
    return put(b, "ksp", &b->aux[0]);
}
static void end(bench *b) {
    int k, h;
    for (k = 0; b->peer_own && k < FILES; k++)
        for (h = 0; h < 2; h++) {
            char path[800];
            snprintf(path, sizeof path, "%s-%s.%s", (const char *)b->peer_own, files[k], h ? "hdr" : "cfl");
            remove(path);
        }
    free(b->peer_own);
}

/* ---- sensitivities: the same but for a phase ---- */
static int espirit(bench *b) {
    return bart(b, "OMP_NUM_THREADS=1 bart ecalib -m1 -r24 -k6 -c0.8 %s-ksp %s-out >/dev/null 2>&1");
}
static int check_maps(bench *b) {
    const size_t coils = b->out.dim[3], n = mv_volume_count(&b->out) / coils;
    const float *p = (const float *)b->out.data, *q;
    mv_volume v;
    double same = 0;
    size_t i, c, both = 0, either = 0;
    int bad = get(b, &v);
    for (q = (const float *)v.data, i = 0; !bad && i < n; i++) {
        double re = 0, im = 0, s = 0, t = 0;
        for (c = 0; c < coils; c++) {
            const float *x = p + 2 * (i + n * c), *y = q + 2 * (i + n * c);
            re += (double)x[0] * (double)y[0] + (double)x[1] * (double)y[1];
            im += (double)x[0] * (double)y[1] - (double)x[1] * (double)y[0];
            s += (double)x[0] * (double)x[0] + (double)x[1] * (double)x[1];
            t += (double)y[0] * (double)y[0] + (double)y[1] * (double)y[1];
        }
        either += s > 0 || t > 0;
        if (s > 0 && t > 0) both++, same += hypot(re, im) / sqrt(s * t);
    }
    mv_volume_free(b->ctx, &v);
    return bad || (double)both < 0.97 * (double)either || !(same > 0.999 * (double)both);
}

/* ---- conjugate gradients with the same weight and steps ---- */
static int pics_setup(bench *b) {
    const int bad = begin(b);
    return bad ? bad : put(b, "maps", &b->aux[1]) || put(b, "mask", (const mv_volume *)b->own);
}
static int pics(bench *b) {
    return bart(b, "OMP_NUM_THREADS=1 bart pics -l2 -r 0.001 -i 30 -w 1 -p %s-mask %s-ksp %s-maps %s-out "
                   ">/dev/null 2>&1");
}
static int check_image(bench *b) {
    const float *p = (const float *)b->out.data;
    double wrong = 0, all = 0;
    mv_volume v;
    size_t i;
    int bad = get(b, &v);
    for (i = 0; !bad && i < 2 * mv_volume_count(&b->out); i++) {
        wrong += pow((double)p[i] - (double)((const float *)v.data)[i], 2);
        all += pow((double)p[i], 2);
    }
    mv_volume_free(b->ctx, &v);
    return bad || !(wrong <= 0.02 * 0.02 * all);
}

#define ROW(op, run, check, setup) {"BART (process)", op, MEDVOL_F32, run, 0, check, 0, setup, end}
extern const bench_peer peers_bart[];
const bench_peer peers_bart[] = {
    ROW("espirit", espirit, check_maps, begin),
    ROW("cg-sense, 8 coils, 30 steps", pics, check_image, pics_setup),
    ROW("cg-sense, 8 coils, lines", pics, check_image, pics_setup),
    {0},
};
