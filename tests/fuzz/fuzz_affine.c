/* fuzz_affine.c - affine maps as text, and their powers. p[2], p[3]: how far the map read is bent before. */
#include "fuzz.h"

static double off(const double *a, const double *b) { /* to the largest entry */
    double most = 1, worst = 0;
    int k;
    for (k = 0; k < 12; k++) {
        most = fmax(most, fabs(b[k]));
        worst = fmax(worst, fabs(a[k] - b[k]));
    }
    return worst / most;
}
static void powers(const double *a, unsigned how) {
    double x[12], y[12], back[12];
    mv_affine_parts parts;
    const double centre[3] = {1, 2, -3};
    double norm = 0;
    int k;
    for (k = 0; k < 12; k++) norm = fmax(norm, fabs(a[k]));
    if (mv_affine_sqrt(x, a) == MEDVOL_OK) {
        mv_affine_mul(y, x, x);
        for (k = 0; k < 12; k++) MUST(y[k] - y[k] == 0);
    }
    if (mv_affine_log(x, a) == MEDVOL_OK && mv_affine_exp(y, x) == MEDVOL_OK && norm < 50 &&
        mv_affine_invert(back, a) == MEDVOL_OK && off(back, back) < 1) {
        double worst = 0;
        for (k = 0; k < 12; k++) worst = fmax(worst, fabs(back[k]));
        MUST(worst > 1e3 || off(y, a) < 1e-6);
    }
    if (mv_affine_exp(x, a) == MEDVOL_OK)
        for (k = 0; k < 12; k++) MUST(x[k] - x[k] == 0);
    if (mv_affine_decompose(&parts, a, how & 1 ? centre : NULL) == MEDVOL_OK && norm < 1e6) {
        mv_affine_compose(y, &parts);
        MUST(off(y, a) < 1e-6);
    }
}
FUZZ(affine) {
    double a[12], centre[3];
    mv_status st;
    mv_ctx *c;
    int k;
    if (n < 4) return 0;
    c = fz_begin(p[0], 1 << 20);
    fz_level(p[1]);
    for (k = 0; k < 12; k++) a[k] = 0.5;
    st = mv_affine_load_mem(c, a, p + 4, n - 4, centre);
    if (st < 0) {
        fz_failed(c, st);
        for (k = 0; k < 12; k++) MUST(a[k] == 0.5);
        fz_tape(p + 4, n - 4);
        for (k = 0; k < 12; k++) a[k] = fz_number();
    } else
        for (k = 0; k < 12; k++) MUST(a[k] - a[k] == 0);
    a[p[2] % 12] += (double)(int8_t)p[3] / 32;
    powers(a, p[2]);
    fz_end();
    return 0;
}
