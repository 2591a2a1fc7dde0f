/* test_asgd.c - B-splines by adaptive stochastic gradient descent: waves known at every point of the world, so
   that images on any grid are exact and so is the truth; the same bits with any number of threads, what the
   seed decides, masks, and every option that is refused. Slopes and step sizes: test_bspline_parts.c. */
#include "test.h"

static const size_t few[3] = {44, 40, 26}, more[3] = {52, 50, 46};
static double scene(const double *p, int flat) {
    const double x = p[0], y = p[1], z = flat ? 0 : p[2];
    return 90 * exp(-(x * x / 200 + y * y / 240 + z * z / 160)) +
           25 * sin(0.23 * x + 0.12 * y) * cos(0.2 * y - 0.17 * z) + 22 * cos(0.22 * z + 0.11 * x) +
           18 * sin(0.19 * z - 0.2 * y + 1) + 20 * sin(0.2 * x - 0.13 * z);
}
static void moved_by(const double *p, int flat, double *u) {
    u[0] = 2.2 * sin(0.13 * p[1] + 0.2) * cos(0.09 * (flat ? 0 : p[2]));
    u[1] = 2.0 * cos(0.12 * p[0] + 0.3) * (flat ? 1 : cos(0.08 * p[2]));
    u[2] = flat ? 0 : 1.8 * sin(0.11 * p[0] + 0.07 * p[1]);
}
typedef struct pair {
    int flat;
    mv_volume fixed, moving;
    double start[12]; /* from the fixed image's world, moved, to the moving one's */
} pair;
static void image(mv_volume *v, const size_t *dim, const double *spacing, const pair *p, int moving) {
    double back[12];
    size_t i;
    int k;
    CHECK_OK(mv_volume_alloc(T, v, MEDVOL_F32, p->flat ? 2 : 3, dim));
    for (k = 0; k < 12; k++) v->affine[k] = 0;
    for (k = 0; k < 3; k++) {
        v->affine[5 * k] = spacing[k];
        v->affine[4 * k + 3] = k == 2 && p->flat ? 0 : -0.5 * spacing[k] * (double)(dim[k] - 1);
    }
    CHECK_OK(mv_affine_invert(back, p->start));
    for (i = 0; i < mv_volume_count(v); i++) {
        double x[3], q[3], u[3];
        x[0] = (double)(i % dim[0]), x[1] = (double)(i / dim[0] % dim[1]);
        x[2] = p->flat ? 0 : (double)(i / dim[0] / dim[1]);
        mv_affine_apply(q, v->affine, x);
        if (moving) mv_affine_apply(q, back, q);
        else {
            moved_by(q, p->flat, u);
            for (k = 0; k < 3; k++) q[k] += u[k];
        }
        ((float *)v->data)[i] = (float)scene(q, p->flat);
    }
}
static void pair_make(pair *p, int flat, int turned) {
    static const double at[3] = {1.1, 1.2, 1.9}, to[3] = {1.0, 1.05, 1.15};
    static const double turn[12] = {0.98, -0.12, 0.04, 1.5, 0.11, 1.02, -0.05, -1.2, -0.03, 0.06, 1.01, 0.8};
    memset(p, 0, sizeof *p);
    p->flat = flat;
    if (turned) memcpy(p->start, turn, sizeof turn);
    else mv_affine_identity(p->start);
    image(&p->fixed, few, at, p, 0);
    image(&p->moving, more, to, p, 1);
}
static void pair_free(pair *p) {
    mv_volume_free(T, &p->fixed);
    mv_volume_free(T, &p->moving);
}
/* mean distance from the truth, in mm, but for a margin of 4 voxels */
static double error_of(const pair *p, const mv_volume *field) {
    const size_t *dim = field->dim, n = dim[0] * dim[1] * dim[2];
    const int axes = p->flat ? 2 : 3;
    double sum = 0;
    size_t i, count = 0;
    for (i = 0; i < n; i++) {
        const size_t at[3] = {i % dim[0], i / dim[0] % dim[1], i / dim[0] / dim[1]};
        double x[3], w[3], u[3], d = 0;
        int k, in = 1;
        for (k = 0; k < axes; k++) in = in && at[k] >= 4 && at[k] + 4 < dim[k];
        if (!in) continue;
        for (k = 0; k < 3; k++) x[k] = (double)at[k];
        mv_affine_apply(w, field->affine, x);
        moved_by(w, p->flat, u);
        for (k = 0; k < axes; k++) d += pow((double)((float *)field->data)[(size_t)k * n + i] - u[k], 2);
        sum += sqrt(d), count++;
    }
    return sum / (double)count;
}
static double apart(const mv_volume *a, const mv_volume *b) {
    double most = 0;
    size_t i;
    for (i = 0; i < mv_volume_count(a); i++)
        most = fmax(most, fabs((double)((float *)a->data)[i] - (double)((float *)b->data)[i]));
    return most;
}
/* the same bits with any number of threads; what other levels say is within tol mm */
static void same(const mv_volume *field, int slot, double tol) {
    static struct {
        uint32_t crc[5];
        float *first;
    } seen[16];
    const size_t n = mv_volume_count(field);
    const uint32_t crc = t_crc32(0, field->data, n * sizeof(float));
    double most = 0;
    size_t i;
    if (seen[slot].crc[t_level]) CHECK(seen[slot].crc[t_level] == crc);
    seen[slot].crc[t_level] = crc;
    if (!seen[slot].first) {
        seen[slot].first = (float *)malloc(n * sizeof(float));
        if (!CHECK(seen[slot].first != NULL)) return;
        memcpy(seen[slot].first, field->data, n * sizeof(float));
    }
    for (i = 0; i < n; i++)
        most = fmax(most, fabs((double)((float *)field->data)[i] - (double)seen[slot].first[i]));
    CHECK_NEAR(most, 0, tol);
}
static void options(mv_register_bspline_opt *o, mv_volume *field) { /* small steps for small images */
    memset(o, 0, sizeof *o);
    o->optimizer = MEDVOL_OPTIMIZER_ASGD, o->field = field;
    o->asgd.number_of_spatial_samples = 1000, o->asgd.number_of_samples_for_exact_gradient = 20000;
    o->grid[0] = o->grid[1] = 8, o->grid[2] = 5, o->control.iterations = 250;
}
static void shade(mv_volume *v, mv_similarity metric) { /* what each measure must bear */
    size_t i;
    for (i = 0; i < mv_volume_count(v); i++) {
        float *f = (float *)v->data + i;
        if (metric == MEDVOL_NCC) *f = 0.5f * *f + 70;
        if (metric == MEDVOL_MI) *f = 500 - 0.02f * (*f + 90) * (*f + 90);
    }
}
static void waves_of(int flat, int metric, mv_sampler sampler, int slot, double most) {
    mv_register_bspline_opt o;
    mv_register_report rep;
    mv_volume points = {0}, field = {0}, seen = {0};
    mv_transform link;
    pair p;
    int k;
    pair_make(&p, flat, 0);
    shade(&p.moving, (mv_similarity)metric);
    options(&o, &field);
    o.metric = (mv_similarity)metric, o.asgd.sampler = sampler, o.control.report = &rep;
    CHECK_OK(mv_register_bspline(T, &points, &p.fixed, &p.moving, &o));
    if (getenv("ASGD_SHOW")) printf("flat %d metric %d sampler %d: %.3f mm, %g -> %g, update %g\n", flat, metric, (int)sampler, error_of(&p, &field), rep.first, rep.energy, rep.update);
    CHECK(error_of(&p, &field) < most);
    CHECK(rep.stop == MEDVOL_STOP_ITERATIONS && rep.level == 0 && rep.energy < rep.first && rep.folded == 0);
    for (k = 0; k < rep.levels; k++) CHECK(rep.iterations[k] == 250);
    memset(&link, 0, sizeof link); /* the control points say the same as the field */
    link.kind = MEDVOL_TRANSFORM_BSPLINE, link.field = &points;
    CHECK_OK(mv_transform_field(T, &seen, &p.fixed, &link, 1));
    CHECK(apart(&seen, &field) < 2e-4);
    same(&field, slot, 0.25);
    mv_volume_free(T, &seen), mv_volume_free(T, &field), mv_volume_free(T, &points);
    pair_free(&p);
}
static void waves(void) {
    int metric;
    for (metric = 0; metric <= MEDVOL_MI; metric++)
        waves_of(0, metric, metric == MEDVOL_SSD ? MEDVOL_SAMPLER_RANDOM : MEDVOL_SAMPLER_RANDOM_COORDINATE, metric,
            0.4);
    for (metric = 0; metric <= MEDVOL_MI; metric++)
        waves_of(1, metric, metric == MEDVOL_SSD ? MEDVOL_SAMPLER_RANDOM_COORDINATE : MEDVOL_SAMPLER_RANDOM,
            4 + metric, 0.4);
}
const t_case tests_asgd[] = {{"waves", waves, 0}, {0}};
