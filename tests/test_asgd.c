/* test_asgd.c - B-splines by adaptive stochastic gradient descent: waves known at every point of the world,
   so that images on any grid are exact and so is the truth; the same bits with any number of threads, what the
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
        waves_of(0, metric, metric == MEDVOL_SSD ? MEDVOL_SAMPLER_RANDOM : MEDVOL_SAMPLER_RANDOM_COORDINATE,
            metric, metric == MEDVOL_MI ? 0.5 : 0.22);
}
static void waves_plane(void) {
    int metric;
    for (metric = 0; metric <= MEDVOL_MI; metric++)
        waves_of(1, metric, metric == MEDVOL_SSD ? MEDVOL_SAMPLER_RANDOM_COORDINATE : MEDVOL_SAMPLER_RANDOM,
            4 + metric, metric == MEDVOL_MI ? 0.5 : 0.12);
}
static void seeds(void) { /* the same one: the same bits; another: another answer, as good */
    mv_register_bspline_opt o;
    mv_volume points = {0}, field[4];
    pair p;
    int k;
    memset(field, 0, sizeof field);
    pair_make(&p, 0, 0);
    for (k = 0; k < 4; k++) {
        options(&o, &field[k]);
        o.asgd.random_seed = k == 1 ? 7 : k == 3 ? 121212 : 0;
        CHECK_OK(mv_register_bspline(T, &points, &p.fixed, &p.moving, &o));
        CHECK(error_of(&p, &field[k]) < 0.22);
    }
    CHECK(apart(&field[0], &field[2]) == 0 && apart(&field[0], &field[3]) == 0);
    CHECK(apart(&field[0], &field[1]) > 0.01 && apart(&field[0], &field[1]) < 2);
    for (k = 0; k < 4; k++) mv_volume_free(T, &field[k]);
    mv_volume_free(T, &points);
    pair_free(&p);
}
static void nothing(void) { /* identical images stay where they are */
    mv_register_bspline_opt o;
    mv_volume points = {0}, field = {0}, zero = {0};
    pair p;
    int k;
    pair_make(&p, 0, 0);
    for (k = 0; k < 4; k++) {
        options(&o, &field);
        o.metric = k & 1 ? MEDVOL_SSD : MEDVOL_NCC, o.asgd.sampler = (mv_sampler)(k >> 1);
        CHECK_OK(mv_register_bspline(T, &points, &p.fixed, &p.fixed, &o));
        if (!zero.data) {
            CHECK_OK(mv_volume_copy(T, &zero, &field));
            memset(zero.data, 0, mv_volume_count(&zero) * 4);
        }
        CHECK_NEAR(apart(&field, &zero), 0, 0.02);
    }
    mv_volume_free(T, &field), mv_volume_free(T, &points), mv_volume_free(T, &zero);
    pair_free(&p);
}
static void start(void) {
    mv_register_bspline_opt o;
    mv_volume points = {0}, field = {0};
    pair p;
    pair_make(&p, 0, 1);
    options(&o, &field);
    o.start = p.start;
    CHECK_OK(mv_register_bspline(T, &points, &p.fixed, &p.moving, &o));
    CHECK(error_of(&p, &field) < 0.22);
    mv_volume_free(T, &field), mv_volume_free(T, &points);
    pair_free(&p);
}
static void spoil(mv_volume *v, float value, mv_volume *mask) { /* a corner region, left out by the mask */
    size_t i;
    for (i = 0; i < mv_volume_count(v); i++) {
        const size_t x = i % v->dim[0], y = i / v->dim[0] % v->dim[1], z = i / v->dim[0] / v->dim[1];
        const int in = x > v->dim[0] / 2 && y > v->dim[1] * 3 / 5 && z < v->dim[2] / 2;
        if (in) ((float *)v->data)[i] = value + 30.0f * (float)(x % 5);
        if (mask) ((uint8_t *)mask->data)[i] = in ? 0 : 1;
    }
}
static void masks(void) {
    mv_register_bspline_opt o;
    mv_volume points = {0}, field = {0}, mask = {0};
    double without, with;
    size_t i;
    pair p;
    int k;
    for (k = 0; k < 4; k++) {
        const int moving = k & 1;
        pair_make(&p, 0, 0);
        options(&o, &field);
        o.metric = MEDVOL_SSD, o.bending = 0.1, o.asgd.sampler = (mv_sampler)(k >> 1);
        CHECK_OK(mv_volume_alloc(T, &mask, MEDVOL_U8, 3, moving ? more : few));
        spoil(moving ? &p.moving : &p.fixed, 150, &mask);
        CHECK_OK(mv_register_bspline(T, &points, &p.fixed, &p.moving, &o));
        without = error_of(&p, &field);
        if (moving) o.moving_mask = &mask;
        else o.fixed_mask = &mask;
        CHECK_OK(mv_register_bspline(T, &points, &p.fixed, &p.moving, &o));
        with = error_of(&p, &field);
        CHECK(with < 0.45 && with < 0.7 * without);
        memset(mask.data, 0, mv_volume_count(&mask));
        CHECK_STATUS(mv_register_bspline(T, &points, &p.fixed, &p.moving, &o), MEDVOL_E_EMPTY);
        o.moving_mask = o.fixed_mask = NULL;
        spoil(moving ? &p.moving : &p.fixed, NAN, NULL); /* voxels that are not numbers have no weight */
        ((float *)p.moving.data)[123] = INFINITY;
        CHECK_OK(mv_register_bspline(T, &points, &p.fixed, &p.moving, &o));
        CHECK(error_of(&p, &field) < 0.45);
        for (i = 0; i < mv_volume_count(&field); i++)
            if (!CHECK(fabs((double)((float *)field.data)[i]) < 50)) break;
        mv_volume_free(T, &mask), mv_volume_free(T, &field), mv_volume_free(T, &points);
        pair_free(&p);
    }
}
static double length_of(const mv_volume *v) { /* root mean square of the vectors */
    const size_t n = mv_volume_count(v);
    double sum = 0;
    size_t i;
    for (i = 0; i < n; i++) sum += pow((double)((float *)v->data)[i], 2);
    return sqrt(sum / (double)n * (double)v->dim[4]);
}
static double first_update; /* of the first step of all */
static int look(void *user, const mv_register_step *s) {
    (void)user;
    if (first_update < 0) first_update = s->update;
    return 0;
}
static void steps(void) { /* as long as was asked for; given by hand; shorter with time; bent less */
    mv_register_bspline_opt o;
    mv_register_report rep;
    mv_volume points = {0}, field = {0};
    double update[4], length;
    pair p;
    int k;
    pair_make(&p, 0, 0);
    options(&o, &field);
    o.metric = MEDVOL_SSD, o.control.levels = o.control.iterations = 1, o.control.step = look;
    for (k = 0; k < 2; k++) {
        o.asgd.maximum_step_length = 0.05 * (k + 1), first_update = -1;
        CHECK_OK(mv_register_bspline(T, &points, &p.fixed, &p.moving, &o));
        length = length_of(&field);
        CHECK(length > 0.1 * o.asgd.maximum_step_length && length < o.asgd.maximum_step_length);
        update[k] = first_update;
    }
    CHECK_NEAR(update[1] / update[0], 2, 0.06);
    o.asgd.automatic_parameter_estimation = -1;
    for (k = 0; k < 4; k++) {
        o.asgd.sp_a = k == 1 ? 2 : 1, o.asgd.sp_capital_a = k == 2 ? 41 : 20, first_update = -1;
        o.asgd.sigmoid_initial_time = k == 3 ? 21 : 0;
        CHECK_OK(mv_register_bspline(T, &points, &p.fixed, &p.moving, &o));
        update[k] = first_update;
    }
    CHECK_NEAR(update[1] / update[0], 2, 1e-6);
    CHECK_NEAR(update[2] / update[0], 0.5, 1e-6);
    CHECK_NEAR(update[3] / update[0], 0.5, 1e-6);
    o.asgd.sp_a = 1e30, first_update = -1; /* far too long */
    CHECK_OK(mv_register_bspline(T, &points, &p.fixed, &p.moving, &o));
    CHECK_NEAR(first_update, 16, 1e-9);
    options(&o, &field);
    o.asgd.use_adaptive_step_sizes = -1, o.control.report = &rep; /* a / (A + k + 1) */
    CHECK_OK(mv_register_bspline(T, &points, &p.fixed, &p.moving, &o));
    CHECK(error_of(&p, &field) < 0.5 && rep.energy < rep.first);
    length = length_of(&field);
    o.bending = 1e4;
    CHECK_OK(mv_register_bspline(T, &points, &p.fixed, &p.moving, &o));
    CHECK(length_of(&field) < 0.8 * length);
    mv_volume_free(T, &field), mv_volume_free(T, &points);
    pair_free(&p);
}
static void small(void) { /* images of few voxels, more samples than voxels, fewer than threads */
    static const size_t dims[5][3] = {{2, 2, 1}, {2, 2, 2}, {3, 9, 4}, {17, 2, 3}, {9, 8, 7}};
    static const double mm[3] = {1.5, 1.3, 1.7};
    size_t i, s;
    int g;
    for (s = 0; s < 5; s++)
        for (g = 1; g <= 64; g *= 4) {
            mv_register_bspline_opt o;
            mv_volume points = {0}, field = {0}, f = {0}, m = {0};
            mv_status st;
            pair p;
            memset(&p, 0, sizeof p);
            p.flat = dims[s][2] == 1;
            mv_affine_identity(p.start);
            image(&f, dims[s], mm, &p, 0), image(&m, dims[s], mm, &p, 1);
            options(&o, &field);
            o.grid[0] = o.grid[1] = o.grid[2] = g, o.control.levels = 3, o.control.iterations = 20;
            o.metric = (mv_similarity)(s % 3), o.asgd.sampler = (mv_sampler)(g & 1);
            o.asgd.number_of_spatial_samples = g == 4 ? 1 : 600;
            st = mv_register_bspline(T, &points, &f, &m, &o);
            CHECK(st == MEDVOL_OK || (g == 4 && st == MEDVOL_E_EMPTY)); /* led astray by its one sample */
            if (st == MEDVOL_OK) CHECK(points.dim[0] == (dims[s][0] - 1) / (size_t)g + 4);
            else CHECK(!points.data && !field.data);
            for (i = 0; field.data && i < mv_volume_count(&field); i++)
                if (!CHECK(fabs((double)((float *)field.data)[i]) < 400)) break;
            mv_volume_free(T, &points), mv_volume_free(T, &field), mv_volume_free(T, &f), mv_volume_free(T,
                &m);
        }
}
static int asked;
static int stop_at(void *user, const mv_register_step *s) {
    CHECK(s->iteration >= 1 && s->level >= 0 && s->energy == s->energy && s->update >= 0);
    return ++asked == *(const int *)user;
}
static int count_to(void *user, double done, double total, const char *label) {
    CHECK(done <= total && label);
    return --*(int *)user == 0;
}
static void control(void) {
    mv_register_bspline_opt o;
    mv_register_report rep;
    mv_volume points = {0}, field = {0};
    int when = 3, left = 4;
    pair p;
    pair_make(&p, 0, 0);
    options(&o, &field);
    o.control.report = &rep, o.control.step = stop_at, o.control.user = &when, o.control.levels = 2;
    asked = 0;
    CHECK_OK(mv_register_bspline(T, &points, &p.fixed, &p.moving, &o));
    CHECK(rep.stop == MEDVOL_STOP_CALLER && asked == 3 && rep.level == rep.levels - 1 &&
        field.dim[0] == few[0]);
    o.control.step = NULL, o.control.seconds = 1e-9;
    if (!T_SMALL) { /* there is a clock */
        CHECK_OK(mv_register_bspline(T, &points, &p.fixed, &p.moving, &o));
        CHECK(rep.stop == MEDVOL_STOP_TIME && rep.iterations[1] == 1 && rep.iterations[0] == 0);
    }
    o.control.seconds = 0, o.control.tolerance = 100, o.control.slope = 1, o.control.iterations = 15;
    CHECK_OK(mv_register_bspline(T, &points, &p.fixed, &p.moving, &o)); /* noise ends nothing */
    CHECK(rep.stop == MEDVOL_STOP_ITERATIONS && rep.iterations[0] == 15 && rep.iterations[1] == 15);
    mv_volume_free(T, &points), mv_volume_free(T, &field);
    T->desc.progress = count_to, T->desc.progress_user = &left;
    CHECK_STATUS(mv_register_bspline(T, &points, &p.fixed, &p.moving, &o), MEDVOL_E_CANCELLED);
    CHECK(!points.data && !field.data);
    T->desc.progress = NULL;
    pair_free(&p);
}
#define REFUSED(what, value, status)                                                                         \
    do {                                                                                                     \
        mv_register_bspline_opt o_ = {0};                                                                    \
        o_.optimizer = MEDVOL_OPTIMIZER_ASGD, o_.what = value;                                               \
        CHECK_STATUS(mv_register_bspline(T, &points, &p.fixed, &p.moving, &o_), status);                     \
        CHECK(!points.data && strstr("asgd." #what, T->error.field) && strstr(mv_message(T), T->error.field)); \
    } while (0)
static void refused(void) {
    mv_volume points = {0};
    pair p;
    pair_make(&p, 0, 0);
    REFUSED(optimizer, (mv_optimizer)2, MEDVOL_E_RANGE);
    REFUSED(radius, 2, MEDVOL_E_UNSUPPORTED);
    REFUSED(asgd.sampler, (mv_sampler)2, MEDVOL_E_RANGE);
    REFUSED(asgd.number_of_spatial_samples, -1, MEDVOL_E_RANGE);
    REFUSED(asgd.number_of_spatial_samples, 10000001, MEDVOL_E_RANGE);
    REFUSED(asgd.maximum_step_length, -1, MEDVOL_E_RANGE);
    REFUSED(asgd.maximum_step_length, NAN, MEDVOL_E_RANGE);
    REFUSED(asgd.sp_a, -1, MEDVOL_E_RANGE);
    REFUSED(asgd.sp_a, INFINITY, MEDVOL_E_RANGE);
    REFUSED(asgd.sp_capital_a, -1, MEDVOL_E_RANGE);
    REFUSED(asgd.sp_alpha, 11, MEDVOL_E_RANGE);
    REFUSED(asgd.sigmoid_max, -1, MEDVOL_E_RANGE);
    REFUSED(asgd.sigmoid_min, 0.5, MEDVOL_E_RANGE);
    REFUSED(asgd.sigmoid_scale, NAN, MEDVOL_E_RANGE);
    REFUSED(asgd.sigmoid_initial_time, -1, MEDVOL_E_RANGE);
    REFUSED(asgd.sigmoid_scale_factor, -1, MEDVOL_E_RANGE);
    REFUSED(asgd.number_of_gradient_measurements, -1, MEDVOL_E_RANGE);
    REFUSED(asgd.number_of_gradient_measurements, 10001, MEDVOL_E_RANGE);
    REFUSED(asgd.number_of_jacobian_measurements, -1, MEDVOL_E_RANGE);
    REFUSED(asgd.number_of_samples_for_exact_gradient, -1, MEDVOL_E_RANGE);
    p.moving.affine[3] += 1e4; /* nothing of one lies in the other */
    {
        mv_register_bspline_opt o;
        options(&o, NULL);
        CHECK_STATUS(mv_register_bspline(T, &points, &p.fixed, &p.moving, &o), MEDVOL_E_EMPTY);
        CHECK(!points.data);
    }
    pair_free(&p);
}
const t_case tests_asgd[] = {{"waves", waves, 0}, {"waves_plane", waves_plane, 0}, {"seeds", seeds, T_ONCE},
    {"nothing", nothing, T_ONCE}, {"start", start, T_ONCE}, {"masks", masks, T_ONCE}, {"steps", steps,
        T_ONCE},
    {"small", small, 0}, {"control", control, 0}, {"refused", refused, 0}, {0}};
