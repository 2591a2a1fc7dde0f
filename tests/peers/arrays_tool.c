/* arrays_tool.c - arrays_tool FILE OUT: loads FILE, maps it and compares, prints type and sizes, saves it as
   OUT. */
#include "medvol.h"
#include <stdio.h>
#include <string.h>

int main(int argc, char **argv) {
    mv_ctx ctx = {0};
    mv_volume v = {0}, map = {0};
    mv_status st;
    int d;
    if (argc != 3) return 2;
    if (mv_load(&ctx, &v, argv[1], NULL) < 0) return puts(mv_message(&ctx)), 1;
    st = mv_map(&ctx, &map, argv[1], NULL); /* refused: the other byte order */
    if (st >= 0 && memcmp(map.data, v.data, mv_volume_count(&v) * mv_dtype_size(v.dtype)) != 0)
        return puts("the map differs"), 1;
    printf("%s", mv_dtype_name(v.dtype));
    for (d = 0; d < v.ndim; d++) printf(" %lu", (unsigned long)v.dim[d]);
    printf(st >= 0 ? "\n" : " not mapped\n");
    if (mv_save(&ctx, &v, argv[2], NULL) < 0) return puts(mv_message(&ctx)), 1;
    mv_volume_free(&ctx, &v);
    mv_volume_free(&ctx, &map);
    return 0;
}
