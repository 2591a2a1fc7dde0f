/* convert_tool.c - lets a script drive medvol's files: commands on standard input, one answer line each.
     load FILE RAW                                 voxels to RAW; prints type, shape, affine, scaling, warning
     crop FILE RAW START... SIZE...                the same for a box of three axes
     float FILE RAW                                as f32 with slope and intercept applied
     map FILE RAW                                  the same through a map
     save FILE OUT VERSION BIG CONTAINER TYPE      FILE loaded and saved as OUT (TYPE 0: its own) */
#include "medvol.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void answer(mv_ctx *ctx, mv_status st, const mv_volume *v, const char *raw) {
    FILE *f;
    size_t row, n = 1, i, k, rest, at;
    int d;
    if (st < 0) {
        printf("error %d %s\n", (int)st, mv_message(ctx));
        fflush(stdout);
        return;
    }
    f = raw ? fopen(raw, "wb") : NULL;
    for (d = 1; d < v->ndim; d++) n *= v->dim[d];
    row = v->dim[0] * mv_dtype_size(v->dtype);
    for (i = 0; f && i < n; i++) {
        for (at = 0, rest = i, k = 1; k < (size_t)v->ndim; k++) {
            at += rest % v->dim[k] * (size_t)v->stride[k];
            rest /= v->dim[k];
        }
        if (fwrite((char *)v->data + at * mv_dtype_size(v->dtype), 1, row, f) != row) break;
    }
    if (f) fclose(f);
    printf("ok %s %d", mv_dtype_name(v->dtype), v->ndim);
    for (d = 0; d < v->ndim; d++) printf(" %lu", (unsigned long)v->dim[d]);
    for (d = 0; d < 12; d++) printf(" %.17g", v->affine[d]);
    printf(" %.17g %.17g %u\n", v->slope, v->inter, mv_warnings(ctx));
    fflush(stdout);
}

int main(int argc, char **argv) {
    static char line[4096], what[16], a[1024], b[1024];
    mv_ctx ctx;
    mv_ctx_desc d;
    memset(&d, 0, sizeof d);
    d.threads = argc > 1 ? atoi(argv[1]) : 2;
    if (mv_ctx_init(&ctx, &d) < 0) return 1;
    while (fgets(line, sizeof line, stdin)) {
        mv_volume v;
        mv_load_opt lo;
        mv_save_opt so;
        int n = 0, type = 0;
        mv_status st;
        memset(&v, 0, sizeof v);
        memset(&lo, 0, sizeof lo);
        memset(&so, 0, sizeof so);
        if (sscanf(line, "%15s %1023s %1023s %n", what, a, b, &n) < 3) break;
        if (!strcmp(what, "save")) {
            sscanf(line + n, "%d %d %d %d", &so.version, &so.big_endian, &so.container, &type);
            so.dtype = (mv_dtype)type;
            so.no_sync = 1;
            st = mv_load(&ctx, &v, a, NULL);
            if (st == MEDVOL_OK) st = mv_save(&ctx, &v, b, &so);
            answer(&ctx, st, &v, NULL);
        } else {
            long s[6] = {0};
            int i;
            if (!strcmp(what, "float")) lo.dtype = MEDVOL_F32;
            if (!strcmp(what, "crop")) {
                sscanf(line + n, "%ld %ld %ld %ld %ld %ld", s, s + 1, s + 2, s + 3, s + 4, s + 5);
                lo.crop = 3;
                for (i = 0; i < 3; i++) lo.start[i] = s[i], lo.size[i] = s[3 + i];
            }
            st = !strcmp(what, "map") ? mv_map(&ctx, &v, a, NULL) : mv_load(&ctx, &v, a, &lo);
            answer(&ctx, st, &v, b);
        }
        mv_volume_free(&ctx, &v);
    }
    mv_ctx_free(&ctx);
    return 0;
}
