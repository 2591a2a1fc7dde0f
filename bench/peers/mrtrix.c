/* needs: stdlib.h */
/* MRtrix, where its programs are in the path: whole processes of one thread, that read and write files in the
   page cache, as its users run them. It takes real images, and frequency n / 2 of shifted lines
   otherwise than we do: the row has nothing there. */
#include "../bench.h"

static void name_of(const bench *b, char *path, int out) {
    sprintf(path, "%s%s.nii", (const char *)b->peer_own, out ? "-out" : "");
}
static int setup(bench *b) {
    char path[800];
    if (system("mrdegibbs -version >/dev/null 2>&1") != 0) return -1;
    if (!(b->peer_own = malloc(sizeof b->path[1] + 8))) return 1;
    strcpy((char *)b->peer_own, bench_path(b, 1, ""));
    name_of(b, path, 0);
    return mv_save(b->ctx, &b->aux[0], path, NULL) < 0;
}
static void done(bench *b) {
    char path[800];
    int k;
    for (k = 0; b->peer_own && k < 2; k++) name_of(b, path, k), remove(path);
    free(b->peer_own);
}
static int run(bench *b) {
    char in[800], out[800], command[2000];
    name_of(b, in, 0), name_of(b, out, 1);
    snprintf(command, sizeof command,
        "mrdegibbs -quiet -force -nthreads 0 -minW 1 -maxW 3 -nshifts 20 %s %s >/dev/null 2>&1", in, out);
    return system(command) != 0;
}
/* To 1e-4 of the root mean square: most voxels to 1e-7, some few take another shift, of two as good. */
static int check(bench *b) {
    const float *p = (const float *)b->out.data, *q;
    const size_t n = mv_volume_count(&b->out);
    double wrong = 0, sum = 0;
    mv_volume v = {0};
    char path[800];
    size_t i;
    int bad;
    name_of(b, path, 1);
    bad = mv_load(b->ctx, &v, path, NULL) < 0 || v.dtype != MEDVOL_F32 || mv_volume_count(&v) != n;
    for (q = (const float *)v.data, i = 0; !bad && i < n; i++)
        wrong += pow((double)p[i] - (double)q[i], 2), sum += (double)p[i] * (double)p[i];
    mv_volume_free(b->ctx, &v);
    return bad || !(wrong <= 1e-8 * sum);
}

extern const bench_peer peers_mrtrix[];
const bench_peer peers_mrtrix[] = {
    {"mrdegibbs (process)", "unring, one slice of reals", MEDVOL_F32, run, 0, check, 0, setup, done},
    {0},
};
