/* needs: stdlib.h */
/* BART, where its program is in the path, on spokes and by compressed sensing: a scan of the row's size, made
   here of the phantom, is reconstructed by ours once and by BART's processes, and the images compared. */
#include "bart.h"

enum { COILS = 8 };
typedef struct scan {
    char name[sizeof ((bench *)0)->path[1] + 8]; /* the files'; first, for bart.h */
    mv_volume traj, data, maps, mask, ours;
} scan;
static void normalize(mv_volume *maps) { /* to unit length */
    const size_t n = mv_volume_count(maps) / COILS;
    float *p = (float *)maps->data;
    size_t i, c;
    for (i = 0; i < n; i++) {
        double sum = 0;
        for (c = 0; c < COILS; c++)
            sum += pow((double)p[2 * (i + n * c)], 2) + pow((double)p[2 * (i + n * c) + 1], 2);
        for (c = 0; c < COILS; c++)
            p[2 * (i + n * c)] /= (float)sqrt(sum), p[2 * (i + n * c) + 1] /= (float)sqrt(sum);
    }
}
/* spokes 0: on the grid, a quarter of it by Poisson discs */
static mv_status make(bench *b, scan *s, size_t spokes) {
    const size_t n = b->side, shape[3] = {n, n, 1}, plane[3] = {1, n, n};
    mv_phantom_opt phantom = {0};
    mv_mask_poisson_opt few = {0};
    mv_radial_opt radial = {0};
    mv_volume mask = {0};
    size_t i, c;
    mv_status st;
    phantom.coils = COILS;
    if ((st = mv_phantom_sens(b->ctx, &s->maps, shape, &phantom)) < 0) return st;
    normalize(&s->maps);
    if (spokes) {
        radial.samples = 2 * n, radial.shots = spokes, radial.size = (double)n;
        radial.order = MEDVOL_RADIAL_GOLDEN;
        st = mv_traj_radial(b->ctx, &s->traj, &radial);
        return st < 0 ? st : mv_phantom_samples(b->ctx, &s->data, &s->traj, shape, &phantom);
    }
    few.accel = 4, few.ellipse = 1, few.calib[0] = few.calib[1] = 24;
    if ((st = mv_mask_poisson(b->ctx, &mask, plane, &few)) < 0) return st;
    st = mv_volume_alloc(b->ctx, &s->mask, MEDVOL_F32, 3, shape);
    if (st >= 0) memcpy(s->mask.data, mask.data, n * n * sizeof(float));
    mv_volume_free(b->ctx, &mask);
    if (st >= 0) st = mv_phantom_kspace(b->ctx, &s->data, shape, &phantom);
    for (c = 0; st >= 0 && c < COILS; c++)
        for (i = 0; i < n * n; i++)
            if (((float *)s->mask.data)[i] == 0.0f) memset((float *)s->data.data + 2 * (i + n * n * c), 0, 8);
    return st;
}
/* begins a scan and writes its files; kind of the term -1: none */
static int begin(bench *b, size_t spokes, int kind, double weight, int iterations) {
    const int bad = b->side < 128 || b->side > 512 ? -1 : bart_begin(b);
    mv_encoding_desc d;
    mv_recon_opt o;
    mv_reg reg;
    scan *s;
    if (bad) return bad;
    if (!(s = (scan *)calloc(1, sizeof *s))) return 1;
    strcpy(s->name, (const char *)b->peer_own);
    free(b->peer_own);
    b->peer_own = s;
    memset(&d, 0, sizeof d);
    memset(&o, 0, sizeof o);
    memset(&reg, 0, sizeof reg);
    if (make(b, s, spokes) < 0) return 1;
    if (bart_put(b, "ksp", &s->data) || bart_put(b, "maps", &s->maps)) return 1;
    if (bart_put(b, spokes ? "traj" : "mask", spokes ? &s->traj : &s->mask)) return 1;
    d.maps = &s->maps;
    d.traj = spokes ? &s->traj : NULL, d.mask = spokes ? NULL : &s->mask;
    o.scale = 1;
    o.solve.iterations = iterations;
    if (kind < 0) o.solve.lambda = weight;
    else reg.kind = kind, reg.lambda = weight, o.solve.regs = &reg, o.solve.reg_count = 1;
    return mv_recon(b->ctx, &s->ours, &s->data, &d, &o) < 0;
}
static void end(bench *b) {
    scan *s = (scan *)b->peer_own;
    if (!s) return;
    mv_volume_free(b->ctx, &s->traj);
    mv_volume_free(b->ctx, &s->data);
    mv_volume_free(b->ctx, &s->maps);
    mv_volume_free(b->ctx, &s->mask);
    mv_volume_free(b->ctx, &s->ours);
    bart_end(b);
}
/* magnitudes, the best factor between them first: how much is missed */
static double apart(bench *b) {
    const scan *s = (const scan *)b->peer_own;
    mv_volume v;
    double xx = 0, yy = 0, xy = 0;
    size_t i;
    if (bart_load(b, &v) || mv_volume_count(&v) != mv_volume_count(&s->ours)) return 1;
    for (i = 0; i < mv_volume_count(&v); i++) {
        const float *p = (const float *)s->ours.data + 2 * i, *q = (const float *)v.data + 2 * i;
        const double x = hypot((double)p[0], (double)p[1]), y = hypot((double)q[0], (double)q[1]);
        xx += x * x, yy += y * y, xy += x * y;
    }
    mv_volume_free(b->ctx, &v);
    return xx * yy > 0 ? sqrt(fmax(1 - xy * xy / (xx * yy), 0)) : 1;
}

/* ---- transforms ---- */
static int transforms(bench *b) {
    const size_t shape[3] = {b->side, b->side, 1};
    const int bad = begin(b, 402, -1, 1, 1);
    scan *s = (scan *)b->peer_own;
    mv_nufft plan;
    mv_nufft_opt o = {0};
    mv_volume images = {0};
    int wrong;
    if (bad) return bad;
    o.tolerance = 1e-5;
    if (mv_nufft_init(b->ctx, &plan, shape, &s->traj, &o) < 0) return 1;
    wrong = mv_nufft_adjoint(b->ctx, &plan, &images, &s->data, NULL) < 0 || bart_put(b, "image", &images);
    mv_volume_free(b->ctx, &s->ours);
    s->ours = images;
    mv_nufft_free(b->ctx, &plan);
    return wrong;
}
static int forward_setup(bench *b) {
    const size_t shape[3] = {b->side, b->side, 1};
    const int bad = transforms(b);
    scan *s = (scan *)b->peer_own;
    mv_nufft plan;
    mv_volume samples = {0};
    int wrong;
    if (bad) return bad;
    if (mv_nufft_init(b->ctx, &plan, shape, &s->traj, NULL) < 0) return 1;
    wrong = mv_nufft_forward(b->ctx, &plan, &samples, &s->ours) < 0;
    mv_volume_free(b->ctx, &s->ours);
    s->ours = samples;
    mv_nufft_free(b->ctx, &plan);
    return wrong;
}
static int forward(bench *b) {
    return bart(b, "OMP_NUM_THREADS=1 bart nufft %s-traj %s-image %s-out >/dev/null 2>&1");
}
static int adjoint(bench *b) {
    char call[200];
    snprintf(call, sizeof call,
        "OMP_NUM_THREADS=1 bart nufft -a -d %zu:%zu:1 %%s-traj %%s-ksp %%s-out >/dev/null 2>&1", b->side,
        b->side);
    return bart(b, call);
}
static int check_transform(bench *b) { return !(apart(b) <= 0.01); } /* BART's is 3e-3 off */

/* ---- images ---- */
static int radial_l2(bench *b) { return begin(b, 64, -1, 0.001, 30); }
static int radial_l1(bench *b) { return begin(b, 64, MEDVOL_REG_WAVELET, 0.002, 50); }
static int grid_l1(bench *b) { return begin(b, 0, MEDVOL_REG_WAVELET, 0.002, 100); }
static int grid_tv(bench *b) { return begin(b, 0, MEDVOL_REG_TV, 0.002, 50); }
#define PICS(options) bart(b, "OMP_NUM_THREADS=1 bart pics " options " %s-ksp %s-maps %s-out >/dev/null 2>&1")
static int pics_radial_l2(bench *b) { return PICS("-l2 -r 0.001 -i 30 -w 1 -t %s-traj"); }
static int pics_radial_l1(bench *b) { return PICS("-l1 -r 0.002 -i 50 -e -w 1 -t %s-traj"); }
static int pics_grid_l1(bench *b) { return PICS("-l1 -r 0.002 -i 100 -w 1 -p %s-mask"); }
static int pics_grid_tv(bench *b) { return PICS("-R T:3:0:0.002 -i 50 -w 1 -p %s-mask"); }
static int check_l2(bench *b) { return !(apart(b) <= 0.02); }
static int check_sparse(bench *b) { return !(apart(b) <= 0.05); } /* random shifts */
static int check_tv(bench *b) { return !(apart(b) <= 0.1); } /* after 200 of its steps 0.01, after 50 0.07 */

#define ROW(op, run, check, setup) {"BART (process)", op, MEDVOL_F32, run, 0, check, 0, setup, end}
extern const bench_peer peers_bart_scan[];
const bench_peer peers_bart_scan[] = {
    ROW("nufft forward 2-D, 8 coils, 1e-5", forward, check_transform, forward_setup),
    ROW("nufft adjoint 2-D, 8 coils, 1e-5", adjoint, check_transform, transforms),
    ROW("radial l2, 8 coils, 30 steps", pics_radial_l2, check_l2, radial_l2),
    ROW("radial wavelet, 8 coils, 50 steps", pics_radial_l1, check_sparse, radial_l1),
    ROW("wavelet, 8 coils, 100 steps", pics_grid_l1, check_sparse, grid_l1),
    ROW("total variation, 8 coils, 50 steps", pics_grid_tv, check_tv, grid_tv),
    {0},
};
