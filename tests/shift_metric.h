/* shift_metric.h - for mv_register_affine_by: a metric of translations, their squared distance from (3, -2, 1) */
#include <math.h>
static mv_status shift_level(void *user, int level, mv_register_frame *frame) {
    (void)user, (void)level;
    frame[0].n[0] = frame[0].n[1] = frame[1].n[0] = 9;
    return MEDVOL_OK;
}
static mv_status shift_look(void *user, const double *t, const double *back, int count,
    mv_register_score *score, mv_register_normal *normal) {
    static const double to[3] = {3, -2, 1};
    int i, d;
    (void)user, (void)back;
    for (i = 0; i < count; i++) {
        score[i].overlap = 1;
        for (d = 0; d < 3; d++) score[i].energy += pow(t[12 * i + 4 * d + 3] - to[d], 2);
    }
    for (d = 0; d < 3 && normal; d++) {
        normal->h[12 * 4 * d + 4 * d] = 1;
        normal->b[4 * d] = t[4 * d + 3] - to[d];
    }
    return MEDVOL_OK;
}
