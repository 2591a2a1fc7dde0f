/* resample_tool.c - the C half of check_resample.py: raw f32 in, raw f32 out, time on stdout.
   resample_tool in out nx ny nz  mx my mz  INTERP BORDER GRID VALUE ANTIALIAS REPEATS THREADS [m0 ... m11]
   With a matrix: mv_resample_affine_f32, else mv_resample_shape_f32. */
#include "medvol.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static double seconds(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}
static int die(const char *what) {
    fprintf(stderr, "resample_tool: %s\n", what);
    return 1;
}
int main(int argc, char **argv) {
    mv_ctx ctx;
    mv_ctx_desc desc;
    mv_resample_opt o;
    size_t n[3], m[3], ns, nd;
    double matrix[12], best = 1e30;
    float *s, *d;
    FILE *f;
    int i, repeats, affine = argc == 28;
    if (argc != 16 && !affine) return die("wrong number of arguments");
    for (i = 0; i < 3; i++) n[i] = strtoul(argv[3 + i], NULL, 10), m[i] = strtoul(argv[6 + i], NULL, 10);
    memset(&o, 0, sizeof o);
    memset(&desc, 0, sizeof desc);
    o.interp = (mv_interp)atoi(argv[9]);
    o.border = (mv_border)atoi(argv[10]);
    o.grid = (mv_grid)atoi(argv[11]);
    o.value = atof(argv[12]);
    o.antialias = atoi(argv[13]);
    repeats = atoi(argv[14]);
    desc.threads = atoi(argv[15]);
    for (i = 0; affine && i < 12; i++) matrix[i] = atof(argv[16 + i]);
    ns = n[0] * n[1] * n[2], nd = m[0] * m[1] * m[2];
    s = (float *)malloc(ns * sizeof *s), d = (float *)malloc(nd * sizeof *d);
    if (!s || !d || mv_ctx_init(&ctx, &desc) < 0) return die("out of memory");
    if ((f = fopen(argv[1], "rb")) == NULL || fread(s, sizeof *s, ns, f) != ns)
        return die("cannot read the input");
    fclose(f);
    for (i = 0; i < repeats; i++) {
        double t = seconds();
        mv_status st = affine ? mv_resample_affine_f32(&ctx, d, m, s, n, matrix, &o)
                              : mv_resample_shape_f32(&ctx, d, m, s, n, &o);
        t = seconds() - t;
        if (st < 0) return die(mv_message(&ctx));
        best = t < best ? t : best;
    }
    if ((f = fopen(argv[2], "wb")) == NULL || fwrite(d, sizeof *d, nd, f) != nd)
        return die("cannot write the output");
    fclose(f);
    printf("%.3f\n", best * 1e3);
    mv_ctx_free(&ctx);
    free(s);
    free(d);
    return 0;
}
