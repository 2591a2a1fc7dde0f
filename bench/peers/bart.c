/* needs: stdlib.h */
/* BART, where its program is in the path: whole processes of one thread, that read and write files in the page
   cache, as its users run it. */
#include "bart.h"

/* ---- sensitivities: the same but for a phase ---- */
static int begin(bench *b) {
    const int bad = bart_begin(b);
    return bad ? bad : bart_put(b, "ksp", &b->aux[0]);
}
static int espirit(bench *b) {
    return bart(b, "OMP_NUM_THREADS=1 bart ecalib -m1 -r24 -k6 -c0.8 %s-ksp %s-out >/dev/null 2>&1");
}
static int check_maps(bench *b) {
    const size_t coils = b->out.dim[3], n = mv_volume_count(&b->out) / coils;
    const float *p = (const float *)b->out.data, *q;
    mv_volume v;
    double same = 0;
    size_t i, c, both = 0, either = 0;
    int bad = bart_get(b, &v);
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
    return bad ? bad : bart_put(b, "maps", &b->aux[1]) || bart_put(b, "mask", (const mv_volume *)b->own);
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
    int bad = bart_get(b, &v);
    for (i = 0; !bad && i < 2 * mv_volume_count(&b->out); i++) {
        wrong += pow((double)p[i] - (double)((const float *)v.data)[i], 2);
        all += pow((double)p[i], 2);
    }
    mv_volume_free(b->ctx, &v);
    return bad || !(wrong <= 0.02 * 0.02 * all);
}

#define ROW(op, run, check, setup) {"BART (process)", op, MEDVOL_F32, run, 0, check, 0, setup, bart_end}
extern const bench_peer peers_bart[];
const bench_peer peers_bart[] = {
    ROW("espirit", espirit, check_maps, begin),
    ROW("cg-sense, 8 coils, 30 steps", pics, check_image, pics_setup),
    ROW("cg-sense, 8 coils, lines", pics, check_image, pics_setup),
    {0},
};
