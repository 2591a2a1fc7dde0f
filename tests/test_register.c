/* test_register.c - registration: phantoms are blobs, known at every point of the world, so that images on any
   grid are exact and so is the truth. */
#include "test.h"

enum { BLOBS = 90 };
static double blob[BLOBS][5];
static void blobs(void) {
    int i, k;
    t_seed(2021);
    for (i = 0; i < BLOBS; i++) {
        for (k = 0; k < 3; k++) blob[i][k] = t_uniform(-22, 22);
        blob[i][3] = t_uniform(2.5, i % 4 ? 4 : 9);
        blob[i][4] = t_uniform(40, 200) * (i % 3 ? 1 : -1);
    }
}
static double phantom(const double *p, int flat) {
    double s = 0;
    int i;
    for (i = 0; i < BLOBS; i++) {
        const double x = p[0] - blob[i][0], y = p[1] - blob[i][1], z = flat ? 0 : p[2] - blob[i][2];
        s += blob[i][4] * exp(-(x * x + y * y + z * z) / (2 * blob[i][3] * blob[i][3]));
    }
    return s;
}
/* where a point of the fixed image's world lies in the moving one's: affine, then what moves */
typedef struct truth {
    double to[12], back[12]; /* the affine, fixed to moving */
    double wave;             /* amplitude in mm of a displacement before it */
    int flat;
} truth;
static void wave_at(const truth *t, const double *p, double *u) {
    u[0] = t->wave * sin(0.11 * p[1]) * cos(0.09 * (t->flat ? 0 : p[2]));
    u[1] = t->wave * cos(0.1 * p[0] + 0.3) * (t->flat ? 1 : cos(0.07 * p[2]));
    u[2] = t->flat ? 0 : t->wave * sin(0.12 * p[0] + 0.08 * p[1]);
}
/* image value at p: the fixed one is seen through the moving one at to(p + u(p)) */
static double fixed_at(const truth *t, const double *p) {
    double u[3], q[3];
    int k;
    wave_at(t, p, u);
    for (k = 0; k < 3; k++) q[k] = p[k] + u[k];
    return phantom(q, t->flat);
}
static double moving_at(const truth *t, const double *p) {
    double q[3];
    mv_affine_apply(q, t->back, p);
    return phantom(q, t->flat);
}
static void image(mv_volume *v, const size_t *dim, int ndim, const double *affine, const truth *t,
    int moving) {
    size_t i;
    float *f;
    double x[3], p[3];
    CHECK_OK(mv_volume_alloc(T, v, MEDVOL_F32, ndim, dim));
    memcpy(v->affine, affine, sizeof v->affine);
    f = (float *)v->data;
    for (i = 0; i < mv_volume_count(v); i++) {
        x[0] = (double)(i % dim[0]), x[1] = (double)(i / dim[0] % dim[1]);
        x[2] = ndim > 2 ? (double)(i / dim[0] / dim[1]) : 0;
        mv_affine_apply(p, affine, x);
        f[i] = (float)(moving ? moving_at(t, p) : fixed_at(t, p));
    }
}
/* an affine whose middle voxel lies at c: turned about z and x, spacings s, first axis mirrored */
static void grid(double *a, const size_t *dim, const double *s, double turn, double tilt, int mirror,
                 const double *c) {
    const double cz = cos(turn), sz = sin(turn), cx = cos(tilt), sx = sin(tilt);
    const double r[9] = {cz, -sz * cx, sz * sx, sz, cz * cx, -cz * sx, 0, sx, cx};
    int i, k;
    for (i = 0; i < 3; i++) {
        a[4 * i + 3] = c[i];
        for (k = 0; k < 3; k++) {
            a[4 * i + k] = r[3 * i + k] * s[k] * (k == 0 && mirror ? -1 : 1);
            a[4 * i + 3] -= a[4 * i + k] * 0.5 * (double)(dim[k] - 1);
        }
    }
}
static void rigid(truth *t, double degrees, const double *axis, const double *shift) {
    const double a = degrees * 3.14159265358979 / 180, c = cos(a), s = sin(a);
    int i, k;
    for (i = 0; i < 3; i++) {
        t->to[4 * i + 3] = shift[i];
        for (k = 0; k < 3; k++) t->to[4 * i + k] = axis[i] * axis[k] * (1 - c) + (i == k ? c : 0);
    }
    t->to[1] -= s * axis[2], t->to[4] += s * axis[2], t->to[2] += s * axis[1];
    t->to[8] -= s * axis[1], t->to[6] -= s * axis[0], t->to[9] += s * axis[0];
    CHECK_OK(mv_affine_invert(t->back, t->to));
}
static const size_t few[3] = {44, 40, 36}, other[3] = {38, 42, 46};
static const double even[3] = {1.3, 1.4, 1.6}, uneven[3] = {1.5, 1.2, 1.3}, middle[3] = {0, 0, 0},
                    aside[3] = {3, -2, 4}, slant[3] = {0.48, 0.6, 0.64}, upright[3] = {0, 0, 1},
                    shift[3] = {4, -3, 2.5}, level_shift[3] = {4, -3, 0};
typedef struct pair {
    truth t;
    mv_volume fixed, moving;
} pair;
/* two grids of other sizes, directions and handedness */
static void pair_make(pair *p, const truth *t) {
    double a[12], b[12];
    const size_t flat[2][3] = {{few[0], few[1], 1}, {other[0], other[1], 1}};
    blobs();
    memset(p, 0, sizeof *p);
    p->t = *t;
    grid(a, t->flat ? flat[0] : few, even, t->flat ? 0.1 : 0.2, t->flat ? 0 : 0.15, 0, middle);
    grid(b, t->flat ? flat[1] : other, uneven, -0.1, t->flat ? 0 : -0.2, 1, t->flat ? middle : aside);
    image(&p->fixed, few, t->flat ? 2 : 3, a, t, 0);
    image(&p->moving, other, t->flat ? 2 : 3, b, t, 1);
}
static void pair_free(pair *p) {
    mv_volume_free(T, &p->fixed);
    mv_volume_free(T, &p->moving);
}
/* the greatest distance, mm, between where two maps take the points of a cube about the middle */
static double apart(const double *a, const double *b, int flat) {
    double worst = 0;
    int i, k;
    for (i = 0; i < 8; i++) {
        double p[3], x[3], y[3], d = 0;
        for (k = 0; k < 3; k++) p[k] = i >> k & 1 ? 15 : -15;
        if (flat) p[2] = 0;
        mv_affine_apply(x, a, p);
        mv_affine_apply(y, b, p);
        for (k = 0; k < 3; k++) d += (x[k] - y[k]) * (x[k] - y[k]);
        worst = fmax(worst, sqrt(d));
    }
    return worst;
}

/* ---- affine ---- */
static void change(mv_volume *v, mv_similarity how) { /* what each measure must bear */
    float *f = (float *)v->data;
    size_t i;
    for (i = 0; i < mv_volume_count(v); i++) {
        if (how == MEDVOL_NCC) f[i] = 0.4f * f[i] + 300;
        if (how == MEDVOL_MI) f[i] = 100 - 0.5f * f[i] - 0.0015f * f[i] * f[i];
    }
}
static void true_map(truth *t, mv_model model, int flat) {
    int k;
    memset(t, 0, sizeof *t);
    t->flat = flat;
    rigid(t, model == MEDVOL_TRANSLATION ? 0 : 12, flat ? upright : slant, flat ? level_shift : shift);
    for (k = 0; k < 12; k++)
        if (k % 4 < 3 && model == MEDVOL_SIMILARITY && !(flat && k == 10)) t->to[k] *= 1.07;
    if (model == MEDVOL_AFFINE) t->to[0] *= 1.08, t->to[1] += 0.06, t->to[5] *= 0.95;
    if (model == MEDVOL_AFFINE && !flat) t->to[6] -= 0.05, t->to[10] *= 1.04;
    CHECK_OK(mv_affine_invert(t->back, t->to));
}
static void models_of(int flat) {
    int model, metric;
    for (model = 0; model <= MEDVOL_AFFINE; model++)
        for (metric = 0; metric <= MEDVOL_MI; metric++) {
            mv_register_affine_opt o = {0};
            mv_register_report rep;
            double got[12];
            truth t;
            pair p;
            true_map(&t, (mv_model)model, flat);
            pair_make(&p, &t);
            change(&p.moving, (mv_similarity)metric);
            o.model = (mv_model)model, o.metric = (mv_similarity)metric, o.control.report = &rep;
            CHECK_OK(mv_register_affine(T, got, &p.fixed, &p.moving, &o));
            CHECK(apart(got, t.to, flat) < (metric == MEDVOL_MI ? flat ? 0.6 : 0.3 : 0.1));
            CHECK(rep.stop != MEDVOL_STOP_NONE && rep.level == 0 && rep.levels >= 2);
            CHECK(rep.overlap > 0.4 && rep.overlap <= 1 && rep.energy <= rep.first);
            pair_free(&p);
        }
}
static void models(void) { models_of(0); }
static void models_plane(void) { models_of(1); }
static void symmetric(void) {
    int metric;
    for (metric = 0; metric <= MEDVOL_MI; metric++) {
        mv_register_affine_opt o = {0};
        double there[12], back[12], both[12], one[12];
        truth t;
        pair p;
        true_map(&t, MEDVOL_AFFINE, 0);
        pair_make(&p, &t);
        o.model = MEDVOL_AFFINE, o.metric = (mv_similarity)metric, o.symmetric = 1;
        o.control.tolerance = 1e-3;
        CHECK_OK(mv_register_affine(T, there, &p.fixed, &p.moving, &o));
        CHECK_OK(mv_register_affine(T, back, &p.moving, &p.fixed, &o));
        CHECK(apart(there, t.to, 0) < 0.3);
        mv_affine_mul(both, back, there);
        mv_affine_identity(one);
        CHECK(apart(both, one, 0) < 0.15);
        pair_free(&p);
    }
}
static void spoil(mv_volume *v, float value, mv_volume *mask) { /* a corner region, left out by the mask */
    size_t i;
    for (i = 0; i < mv_volume_count(v); i++) {
        const size_t x = i % v->dim[0], y = i / v->dim[0] % v->dim[1], z = i / v->dim[0] / v->dim[1];
        const int in = x > v->dim[0] / 2 && y > v->dim[1] / 3 && z < v->dim[2] / 2;
        if (in) ((float *)v->data)[i] = value + 30.0f * (float)(x % 5);
        if (mask) ((uint8_t *)mask->data)[i] = in ? 0 : 1;
    }
}
static void masks(void) {
    mv_register_affine_opt o = {0};
    double got[12], plain;
    mv_volume mask = {0};
    truth t;
    pair p;
    true_map(&t, MEDVOL_RIGID, 0);
    pair_make(&p, &t);
    CHECK_OK(mv_volume_alloc(T, &mask, MEDVOL_U8, 3, few));
    memcpy(mask.affine, p.fixed.affine, sizeof mask.affine);
    spoil(&p.fixed, 150, &mask);
    CHECK_OK(mv_register_affine(T, got, &p.fixed, &p.moving, &o));
    plain = apart(got, t.to, 0);
    o.fixed_mask = &mask;
    CHECK_OK(mv_register_affine(T, got, &p.fixed, &p.moving, &o));
    CHECK(apart(got, t.to, 0) < 0.3 && apart(got, t.to, 0) < 0.5 * plain);
    memset(mask.data, 0, mv_volume_count(&mask));
    got[0] = 77;
    CHECK_STATUS(mv_register_affine(T, got, &p.fixed, &p.moving, &o), MEDVOL_E_EMPTY);
    CHECK(got[0] == 77);
    mv_volume_free(T, &mask);
    pair_free(&p);
}
static void holes(void) { /* voxels that are not numbers have no weight */
    mv_register_affine_opt o = {0};
    double got[12];
    truth t;
    pair p;
    true_map(&t, MEDVOL_RIGID, 0);
    pair_make(&p, &t);
    spoil(&p.fixed, NAN, NULL);
    ((float *)p.moving.data)[12345] = INFINITY;
    o.metric = MEDVOL_SSD;
    CHECK_OK(mv_register_affine(T, got, &p.fixed, &p.moving, &o));
    CHECK(apart(got, t.to, 0) < 0.3);
    pair_free(&p);
}
static void robust(void) {
    mv_register_affine_opt o = {0};
    double got[12], plain, borne;
    truth t;
    pair p;
    size_t i;
    true_map(&t, MEDVOL_RIGID, 0);
    pair_make(&p, &t);
    for (i = 0; i < mv_volume_count(&p.fixed); i++) { /* a lesion of a tenth of the side */
        const size_t x = i % few[0], y = i / few[0] % few[1], z = i / few[0] / few[1];
        if (x > 24 && x < 32 && y > 10 && y < 18 && z > 12 && z < 20) ((float *)p.fixed.data)[i] = 1500;
    }
    o.metric = MEDVOL_SSD;
    CHECK_OK(mv_register_affine(T, got, &p.fixed, &p.moving, &o));
    plain = apart(got, t.to, 0);
    o.robust = 4.685;
    CHECK_OK(mv_register_affine(T, got, &p.fixed, &p.moving, &o));
    borne = apart(got, t.to, 0);
    CHECK(borne < 0.3 && borne < 0.5 * plain);
    pair_free(&p);
}
static void search(void) {
    mv_register_affine_opt o = {0};
    double got[12];
    truth t;
    pair p;
    memset(&t, 0, sizeof t);
    rigid(&t, 100, slant, shift);
    pair_make(&p, &t);
    o.search = 110;
    CHECK_OK(mv_register_affine(T, got, &p.fixed, &p.moving, &o));
    CHECK(apart(got, t.to, 0) < 0.2);
    pair_free(&p);
    memset(&t, 0, sizeof t);
    rigid(&t, 45, slant, shift); /* and sheared: found without a word */
    t.to[1] += 0.08, t.to[10] *= 0.92;
    CHECK_OK(mv_affine_invert(t.back, t.to));
    pair_make(&p, &t);
    memset(&o, 0, sizeof o);
    o.model = MEDVOL_AFFINE;
    CHECK_OK(mv_register_affine(T, got, &p.fixed, &p.moving, &o));
    CHECK(apart(got, t.to, 0) < 0.2);
    o.search = -1; /* downhill from the middles: only that it is taken */
    CHECK_OK(mv_register_affine(T, got, &p.fixed, &p.moving, &o));
    pair_free(&p);
}
static void starts(void) {
    mv_register_affine_opt o = {0};
    double got[12], first;
    mv_register_report rep;
    truth t;
    pair p;
    int k;
    true_map(&t, MEDVOL_RIGID, 0);
    pair_make(&p, &t);
    o.control.report = &rep;
    for (k = MEDVOL_INIT_AUTO; k <= MEDVOL_INIT_MASS; k++) {
        o.init = (mv_init)k;
        CHECK_OK(mv_register_affine(T, got, &p.fixed, &p.moving, &o));
        CHECK(apart(got, t.to, 0) < 0.1);
    }
    o.start = t.to;
    CHECK_OK(mv_register_affine(T, got, &p.fixed, &p.moving, &o));
    CHECK(apart(got, t.to, 0) < 0.1);
    first = rep.first;
    o.control.levels = 1, o.control.iterations = 1, o.start = NULL, o.init = MEDVOL_INIT_HEADER;
    CHECK_OK(mv_register_affine(T, got, &p.fixed, &p.moving, &o));
    CHECK(rep.levels == 1 && rep.iterations[0] <= 1 && rep.first > first);
    pair_free(&p);
}
static void moments(void) { /* a body laid quite otherwise */
    mv_register_affine_opt o = {0};
    double a[12], got[12];
    mv_volume f = {0}, m = {0};
    truth t;
    size_t i;
    int k;
    memset(&t, 0, sizeof t);
    rigid(&t, 120, slant, shift);
    blobs();
    for (k = 0; k < BLOBS; k++) { /* long, broad, flat; positive, so that mass and axes are those of the body */
        blob[k][4] = fabs(blob[k][4]);
        blob[k][1] *= 0.6, blob[k][2] *= 0.35;
    }
    grid(a, few, even, 0, 0, 0, middle);
    image(&f, few, 3, a, &t, 0);
    grid(a, other, even, 0, 0, 0, shift);
    image(&m, other, 3, a, &t, 1);
    for (i = 0; i < mv_volume_count(&f); i++) ((float *)f.data)[i] += 1;
    o.init = MEDVOL_INIT_MOMENTS;
    CHECK_OK(mv_register_affine(T, got, &f, &m, &o));
    CHECK(apart(got, t.to, 0) < 0.3);
    mv_volume_free(T, &f), mv_volume_free(T, &m);
}

/* ---- what both have in common ---- */
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
    mv_register_affine_opt o = {0};
    mv_register_lncc_opt l = {0};
    mv_register_report rep;
    mv_volume field = {0};
    double got[12];
    int when = 3, left, kind;
    truth t;
    pair p;
    true_map(&t, MEDVOL_AFFINE, 0);
    pair_make(&p, &t);
    for (kind = 0; kind < 2; kind++) {
        mv_register_control c = {0};
        c.report = &rep, c.step = stop_at, c.user = &when;
        o.control = l.control = c;
        asked = 0;
        if (kind) CHECK_OK(mv_register_lncc(T, &field, &p.fixed, &p.moving, &l));
        else CHECK_OK(mv_register_affine(T, got, &p.fixed, &p.moving, &o));
        CHECK(rep.stop == MEDVOL_STOP_CALLER && asked == 3);
        c.step = NULL, c.seconds = 1e-9;
        o.control = l.control = c;
        mv_volume_free(T, &field);
        if (!T_SMALL) { /* there is a clock */
            if (kind) CHECK_OK(mv_register_lncc(T, &field, &p.fixed, &p.moving, &l));
            else CHECK_OK(mv_register_affine(T, got, &p.fixed, &p.moving, &o));
            CHECK(rep.stop == MEDVOL_STOP_TIME);
            mv_volume_free(T, &field);
        }
        o.control.seconds = l.control.seconds = 0;
        left = 4, got[0] = 5;
        T->desc.progress = count_to, T->desc.progress_user = &left;
        if (kind) CHECK_STATUS(mv_register_lncc(T, &field, &p.fixed, &p.moving, &l), MEDVOL_E_CANCELLED);
        else CHECK_STATUS(mv_register_affine(T, got, &p.fixed, &p.moving, &o), MEDVOL_E_CANCELLED);
        CHECK(got[0] == 5 && !field.data);
        T->desc.progress = NULL;
    }
    pair_free(&p);
}
#define BOTH(what, value, status)                                                                            \
    do {                                                                                                     \
        mv_register_affine_opt a_ = {0};                                                                     \
        mv_register_lncc_opt l_ = {0};                                                                       \
        a_.what = value, l_.what = value;                                                                    \
        CHECK_STATUS(mv_register_affine(T, got, &p.fixed, &p.moving, &a_), status);                          \
        CHECK_STATUS(mv_register_lncc(T, &field, &p.fixed, &p.moving, &l_), status);                         \
        CHECK(mv_message(T)[0] && !field.data);                                                              \
    } while (0)
#define AFFINE(what, value, status)                                                                          \
    do {                                                                                                     \
        mv_register_affine_opt a_ = {0};                                                                     \
        a_.what = value;                                                                                     \
        CHECK_STATUS(mv_register_affine(T, got, &p.fixed, &p.moving, &a_), status);                          \
    } while (0)
#define LNCC(what, value, status)                                                                            \
    do {                                                                                                     \
        mv_register_lncc_opt l_ = {0};                                                                       \
        l_.what = value;                                                                                     \
        CHECK_STATUS(mv_register_lncc(T, &field, &p.fixed, &p.moving, &l_), status);                         \
    } while (0)
static void refused_images(const mv_volume *fixed, const mv_volume *moving, mv_status status) {
    mv_volume field = {0};
    double got[12];
    CHECK_STATUS(mv_register_affine(T, got, fixed, moving, NULL), status);
    CHECK_STATUS(mv_register_lncc(T, &field, fixed, moving, NULL), status);
    CHECK(!field.data);
}
static void refused(void) {
    static const double singular[12] = {1, 0, 0, 0, 2, 0, 0, 0, 0, 0, 1, 0}, nan_map[12] = {NAN};
    static const size_t line[3] = {44, 1, 36}, series[4] = {44, 40, 36, 2};
    mv_volume field = {0}, v = {0}, mask = {0};
    double got[12], keep;
    truth t;
    pair p;
    true_map(&t, MEDVOL_RIGID, 0);
    pair_make(&p, &t);
    refused_images(NULL, &p.moving, MEDVOL_E_NULL);
    refused_images(&p.fixed, NULL, MEDVOL_E_NULL);
    CHECK_STATUS(mv_register_affine(T, NULL, &p.fixed, &p.moving, NULL), MEDVOL_E_NULL);
    CHECK_STATUS(mv_register_lncc(T, NULL, &p.fixed, &p.moving, NULL), MEDVOL_E_NULL);
    BOTH(start, singular, MEDVOL_E_SINGULAR);
    BOTH(start, nan_map, MEDVOL_E_RANGE);
    BOTH(control.levels, 17, MEDVOL_E_RANGE);
    BOTH(control.iterations, -1, MEDVOL_E_RANGE);
    BOTH(control.tolerance, NAN, MEDVOL_E_RANGE);
    BOTH(control.slope, 2, MEDVOL_E_RANGE);
    BOTH(control.seconds, -1, MEDVOL_E_RANGE);
    AFFINE(model, (mv_model)9, MEDVOL_E_RANGE);
    AFFINE(metric, (mv_similarity)3, MEDVOL_E_RANGE);
    AFFINE(init, (mv_init)-1, MEDVOL_E_RANGE);
    AFFINE(robust, 0.5, MEDVOL_E_RANGE);
    AFFINE(search, 181, MEDVOL_E_RANGE);
    AFFINE(bins, 7, MEDVOL_E_RANGE);
    LNCC(radius, 9, MEDVOL_E_RANGE);
    LNCC(descent, (mv_descent)3, MEDVOL_E_RANGE);
    LNCC(step, -1, MEDVOL_E_RANGE);
    LNCC(momentum, 1, MEDVOL_E_RANGE);
    LNCC(sigma_update, NAN, MEDVOL_E_RANGE);
    LNCC(sigma_field, 1e9, MEDVOL_E_RANGE);
    CHECK_OK(mv_volume_alloc(T, &mask, MEDVOL_U8, 3, other));
    BOTH(fixed_mask, &mask, MEDVOL_E_SHAPE);
    mv_volume_free(T, &mask);
    CHECK_OK(mv_volume_alloc(T, &v, MEDVOL_F32, 3, line));
    memset(v.data, 0, mv_volume_count(&v) * 4);
    refused_images(&v, &p.moving, MEDVOL_E_SIZE);
    mv_volume_free(T, &v);
    CHECK_OK(mv_volume_alloc(T, &v, MEDVOL_F32, 4, series));
    refused_images(&p.fixed, &v, MEDVOL_E_SHAPE);
    mv_volume_free(T, &v);
    CHECK_OK(mv_volume_alloc(T, &v, MEDVOL_C64, 3, few));
    refused_images(&v, &p.moving, MEDVOL_E_DTYPE);
    mv_volume_free(T, &v);
    CHECK_OK(mv_volume_alloc(T, &v, MEDVOL_F32, 2, few));
    memset(v.data, 0, mv_volume_count(&v) * 4);
    refused_images(&v, &p.moving, MEDVOL_E_SHAPE); /* a plane and a volume */
    mv_volume_free(T, &v);
    keep = p.moving.affine[0];
    p.moving.affine[0] = p.moving.affine[4] = p.moving.affine[8] = 0;
    refused_images(&p.fixed, &p.moving, MEDVOL_E_SINGULAR);
    p.moving.affine[0] = keep;
    CHECK_OK(mv_volume_alloc(T, &v, MEDVOL_F32, 3, few)); /* constant */
    memcpy(v.affine, p.fixed.affine, sizeof v.affine);
    memset(v.data, 0, mv_volume_count(&v) * 4);
    refused_images(&v, &p.fixed, MEDVOL_E_SINGULAR);
    v.affine[3] += 1e4; /* nothing of one lies in the other */
    ((float *)v.data)[5000] = 7;
    {
        mv_register_affine_opt a = {0};
        a.init = MEDVOL_INIT_HEADER;
        CHECK_STATUS(mv_register_affine(T, got, &p.fixed, &v, &a), MEDVOL_E_EMPTY);
    }
    CHECK_STATUS(mv_register_lncc(T, &p.fixed, &p.fixed, &p.fixed, NULL), MEDVOL_E_ALIAS);
    mv_volume_free(T, &v);
    pair_free(&p);
}

/* ---- the way there with a metric of one's own: points that are to lie on others, mean square ---- */
enum { POINTS = 60 };
typedef struct cloud {
    double p[POINTS][3], q[POINTS][3];
    mv_register_frame frame[2];
    int levels, begun, looks, most, settled, fail_at; /* fail_at: the look that returns `status` */
    mv_status status;
    double first[12], overlap; /* first: what was looked at first */
} cloud;
static mv_status cloud_level(void *user, int level, mv_register_frame *frame) {
    cloud *c = (cloud *)user;
    CHECK(level == c->levels - 1 - c->begun++); /* the coarsest first */
    memcpy(frame, c->frame, sizeof c->frame);
    return c->fail_at < 0 ? c->status : MEDVOL_OK;
}
/* the template's points u, in its voxels about its middle; residuals r = t(p) - q fall by t A Q (1, u) */
static void cloud_side(const mv_register_frame *f, double (*p)[3], double (*q)[3], const double *t,
    mv_register_score *score, mv_register_normal *normal) {
    const double half = 0.5 * fmax(fmax((double)f->n[0], (double)f->n[1]), (double)f->n[2]);
    double way[12], in[12], r[3], u[4] = {1};
    int n, i, j, k, l, d;
    mv_affine_mul(way, t, f->affine);
    CHECK_OK(mv_affine_invert(in, f->affine));
    for (n = 0; n < POINTS; n++) {
        mv_affine_apply(u + 1, in, p[n]);
        mv_affine_apply(r, t, p[n]);
        for (d = 0; d < 3; d++) {
            u[1 + d] = (u[1 + d] - 0.5 * (double)(f->n[d] - 1)) / half;
            r[d] -= q[n][d];
            score->energy += r[d] * r[d] / POINTS;
        }
        for (i = 0; i < 12 && normal; i++)
            for (d = 0, k = i / 4, l = i % 4; d < 3; d++) {
                const double down = way[4 * d + k] * u[l] / POINTS;
                normal->b[i] += down * r[d];
                for (j = 0; j < 12; j++) normal->h[12 * i + j] += down * way[4 * d + j / 4] * u[j % 4];
            }
    }
}
static mv_status cloud_look(void *user, const double *t, const double *back, int count,
    mv_register_score *score, mv_register_normal *normal) {
    cloud *c = (cloud *)user;
    int i;
    CHECK(count >= 1 && (count == 1 || !normal));
    c->most = count > c->most ? count : c->most;
    if (c->looks == 0) memcpy(c->first, t, sizeof c->first);
    for (i = 0; i < count; i++) {
        if (++c->looks == c->fail_at) return c->status;
        score[i].energy = 0, score[i].overlap = c->overlap;
        cloud_side(&c->frame[0], c->p, c->q, t + 12 * i, score + i, normal);
        if (!back) continue;
        score[count + i].energy = 0, score[count + i].overlap = 1;
        cloud_side(&c->frame[1], c->q, c->p, back + 12 * i, score + count + i, normal ? normal + 1 : NULL);
    }
    return MEDVOL_OK;
}
static void cloud_settle(void *user) { ((cloud *)user)->settled++; }
/* sums of voxels' coordinates, as if each point weighed 1 */
static void cloud_mass(mv_register_frame *f, double (*p)[3]) {
    static const int a[10] = {0, 1, 2, 3, 1, 1, 1, 2, 2, 3}, b[10] = {0, 0, 0, 0, 1, 2, 3, 2, 3, 3};
    double in[12], v[4] = {1};
    int n, i;
    CHECK_OK(mv_affine_invert(in, f->affine));
    memset(f->mass, 0, sizeof f->mass);
    for (n = 0; n < POINTS; n++) {
        mv_affine_apply(v + 1, in, p[n]);
        for (i = 0; i < 10; i++) f->mass[i] += v[a[i]] * v[b[i]];
    }
}
static mv_register_metric cloud_make(cloud *c, const double *to, int flat, double noise) {
    mv_register_metric by = {0};
    int n, d;
    memset(c, 0, sizeof *c);
    t_seed(77);
    for (d = 0; d < 3; d++) {
        c->frame[0].n[d] = flat && d == 2 ? 1 : few[d];
        c->frame[1].n[d] = flat && d == 2 ? 1 : other[d];
    }
    grid(c->frame[0].affine, c->frame[0].n, even, flat ? 0.1 : 0.2, flat ? 0 : 0.15, 0, middle);
    grid(c->frame[1].affine, c->frame[1].n, uneven, -0.1, flat ? 0 : -0.2, 1, flat ? middle : aside);
    for (n = 0; n < POINTS; n++) {
        for (d = 0; d < 3; d++) c->p[n][d] = flat && d == 2 ? 0 : t_normal() * (9 - 2 * d) + d * d * d;
        mv_affine_apply(c->q[n], to, c->p[n]);
        for (d = 0; d < 3 - flat; d++) c->q[n][d] += noise * t_normal();
    }
    for (d = 0; d < 2; d++) cloud_mass(&c->frame[d], d ? c->q : c->p);
    c->overlap = 1;
    by.user = c, by.name = "points", by.levels = c->levels = 2, by.flat = flat;
    by.begin = cloud_level, by.look = cloud_look;
    return by;
}
static mv_register_affine_opt near_start(mv_model model) {
    mv_register_affine_opt o = {0};
    o.model = model, o.init = MEDVOL_INIT_HEADER, o.search = -1;
    o.control.tolerance = 1e-8, o.control.slope = -1, o.control.iterations = 100;
    return o;
}
static void by_points(void) { /* the optimum in closed form: the truth, or with noise mv_fit_points' */
    int model, flat, kind;
    for (model = 0; model <= MEDVOL_AFFINE; model++)
        for (flat = 0; flat < 2; flat++)
            for (kind = 0; kind < 3; kind++) { /* 1: both ways; 2: noise */
                double got[12], want[12], x[6][POINTS], rms = 0;
                mv_register_affine_opt o = near_start((mv_model)model);
                mv_fit_opt fit = {0};
                mv_register_report rep;
                mv_register_metric by;
                cloud c;
                truth t;
                int n, d;
                true_map(&t, (mv_model)model, flat);
                by = cloud_make(&c, t.to, flat, kind == 2 ? 1.5 : 0);
                memcpy(want, t.to, sizeof want);
                for (n = 0; n < POINTS; n++)
                    for (d = 0; d < 3; d++) x[d][n] = c.p[n][d], x[3 + d][n] = c.q[n][d];
                fit.model = (mv_model)model, fit.rms = &rms;
                if (kind == 2)
                    CHECK_OK(mv_fit_points(T, want, x[0], x[1], flat ? NULL : x[2], x[3], x[4],
                        flat ? NULL : x[5], POINTS, &fit));
                o.symmetric = kind == 1, o.control.report = &rep;
                CHECK_OK(mv_register_affine_by(T, got, &by, &o));
                CHECK(apart(got, want, flat) < 1e-5);
                CHECK_NEAR(rep.energy, rms * rms, 1e-9);
                CHECK(rep.levels == 2 && rep.level == 0 && rep.overlap == 1 && rep.iterations[1] >= 1);
                CHECK(rep.first < 1e-9 + 1.0001 * rep.energy && c.begun == 2 && c.most == 1);
                if (kind < 2) CHECK(rep.stop != MEDVOL_STOP_ITERATIONS && rep.iterations[1] < 12);
            }
}
/* both ways, with noise: the mean of both energies; what has changed places is led back */
static void by_both(void) {
    int model, flat, k;
    for (model = MEDVOL_SIMILARITY; model <= MEDVOL_AFFINE; model++)
        for (flat = 0; flat < 2; flat++) {
            double there[12], back[12], one[12];
            mv_register_affine_opt o = near_start((mv_model)model);
            mv_register_report rep;
            mv_register_metric by;
            mv_register_score s[2] = {{0, 1}, {0, 1}};
            cloud c, turned;
            truth t;
            true_map(&t, (mv_model)model, flat);
            by = cloud_make(&c, t.to, flat, 1.5);
            o.symmetric = 1, o.control.report = &rep;
            CHECK_OK(mv_register_affine_by(T, there, &by, &o));
            turned = c, turned.begun = 0, by.user = &turned;
            memcpy(turned.p, c.q, sizeof c.q), memcpy(turned.q, c.p, sizeof c.p);
            for (k = 0; k < 2; k++) turned.frame[k] = c.frame[1 - k];
            CHECK_OK(mv_affine_invert(back, there));
            cloud_side(&c.frame[0], c.p, c.q, there, &s[0], NULL);
            cloud_side(&c.frame[1], c.q, c.p, back, &s[1], NULL);
            CHECK_NEAR(rep.energy, 0.5 * (s[0].energy + s[1].energy), 1e-9);
            CHECK_OK(mv_register_affine_by(T, back, &by, &o));
            CHECK_NEAR(rep.energy, 0.5 * (s[0].energy + s[1].energy), 1e-6);
            mv_affine_mul(back, back, there);
            mv_affine_identity(one);
            CHECK(apart(back, one, flat) < 1e-4);
        }
}
/* maps are asked for in batches, and which makes no difference; each level and step settles */
static void by_batches(void) {
    static const int batch[4] = {0, 1, 5, 32};
    double got[4][12];
    int looks[4], i;
    truth t;
    true_map(&t, MEDVOL_RIGID, 0);
    rigid(&t, 40, slant, shift);
    for (i = 0; i < 4; i++) {
        mv_register_affine_opt o = {0};
        mv_register_report rep;
        mv_register_metric by;
        cloud c;
        by = cloud_make(&c, t.to, 0, 0.3);
        by.batch = batch[i], by.settle = cloud_settle;
        o.search = 60, o.symmetric = 1, o.control.report = &rep;
        CHECK_OK(mv_register_affine_by(T, got[i], &by, &o));
        looks[i] = c.looks;
        CHECK(c.most == (batch[i] ? batch[i] : 1) && looks[i] == looks[0]);
        CHECK(c.settled == 2 + rep.iterations[0] + rep.iterations[1]);
        CHECK(memcmp(got[i], got[0], sizeof *got) == 0 && apart(got[i], t.to, 0) < 0.5);
        CHECK(looks[i] > 3 + 1 + 7 * 7 * 5); /* three places to begin, none turned, and the turned ones */
    }
}
static void by_starts(void) {
    double got[12], want[12], a[3], b[3];
    mv_register_affine_opt o = near_start(MEDVOL_RIGID);
    mv_register_metric by;
    mv_register_report rep;
    int init, i, n, d;
    cloud c;
    truth t;
    true_map(&t, MEDVOL_RIGID, 0);
    for (init = MEDVOL_INIT_HEADER; init <= MEDVOL_INIT_MASS; init++) {
        by = cloud_make(&c, t.to, 0, 0);
        mv_affine_identity(want);
        for (i = 0; i < 3; i++) a[i] = b[i] = 0;
        for (n = 0; n < POINTS; n++)
            for (d = 0; d < 3; d++) a[d] += c.p[n][d] / POINTS, b[d] += c.q[n][d] / POINTS;
        for (d = 0; d < 3 && init != MEDVOL_INIT_HEADER; d++) /* the grids' middles lie at 0 and aside */
            want[4 * d + 3] = init == MEDVOL_INIT_MASS ? b[d] - a[d] : aside[d];
        o.init = (mv_init)init;
        CHECK_OK(mv_register_affine_by(T, got, &by, &o));
        CHECK(apart(c.first, want, 0) < 1e-9 && apart(got, t.to, 0) < 1e-5);
    }
    rigid(&t, 170, slant, shift); /* too far for the way alone: the axes find it */
    by = cloud_make(&c, t.to, 0, 0);
    o.init = MEDVOL_INIT_MOMENTS, o.control.report = &rep;
    CHECK_OK(mv_register_affine_by(T, got, &by, &o));
    CHECK(apart(got, t.to, 0) < 1e-5 && rep.iterations[1] <= 1);
    for (i = 0; i < 2; i++) memset(c.frame[i].mass, 0, sizeof c.frame[i].mass); /* none: the middles */
    c.begun = c.looks = 0;
    o.init = MEDVOL_INIT_MASS;
    CHECK_OK(mv_register_affine_by(T, got, &by, &o));
    mv_affine_identity(want);
    for (d = 0; d < 3; d++) want[4 * d + 3] = aside[d];
    CHECK(apart(c.first, want, 0) < 1e-9);
    c.begun = c.looks = 0;
    o.start = t.to;
    CHECK_OK(mv_register_affine_by(T, got, &by, &o));
    CHECK(memcmp(c.first, t.to, sizeof c.first) == 0 && apart(got, t.to, 0) < 1e-9);
}
static void by_control(void) {
    mv_register_affine_opt o = near_start(MEDVOL_AFFINE);
    mv_register_report rep;
    double got[12];
    int when = 2;
    mv_register_metric by;
    cloud c;
    truth t;
    true_map(&t, MEDVOL_RIGID, 0);
    by = cloud_make(&c, t.to, 0, 2);
    o.control.report = &rep, o.control.step = stop_at, o.control.user = &when;
    o.model = MEDVOL_RIGID;
    asked = 0;
    CHECK_OK(mv_register_affine_by(T, got, &by, &o));
    CHECK(rep.stop == MEDVOL_STOP_CALLER && asked == 2 && rep.level == 1 && c.begun == 1);
    o.control.step = NULL, o.control.seconds = 1e-9;
    c.begun = 0;
    if (!T_SMALL) {
        CHECK_OK(mv_register_affine_by(T, got, &by, &o));
        CHECK(rep.stop == MEDVOL_STOP_TIME && rep.iterations[1] == 1);
    }
    o.control.seconds = 0, o.control.iterations = 1, c.begun = 0;
    CHECK_OK(mv_register_affine_by(T, got, &by, &o));
    CHECK(rep.stop == MEDVOL_STOP_ITERATIONS && rep.iterations[0] == 1 && rep.iterations[1] == 1);
    o.control.tolerance = 1e3, c.begun = 0;
    CHECK_OK(mv_register_affine_by(T, got, &by, &o));
    CHECK(rep.stop == MEDVOL_STOP_UPDATE && rep.iterations[0] == 0);
    when = 2, c.begun = 0, got[0] = 5, o = near_start(MEDVOL_RIGID);
    T->desc.progress = count_to, T->desc.progress_user = &when;
    CHECK_STATUS(mv_register_affine_by(T, got, &by, &o), MEDVOL_E_CANCELLED);
    CHECK(got[0] == 5 && strstr(mv_message(T), "points"));
    when = 9, c.begun = 0, o.search = 30; /* in the midst of the search */
    CHECK_STATUS(mv_register_affine_by(T, got, &by, &o), MEDVOL_E_CANCELLED);
    CHECK(got[0] == 5 && c.looks > 9);
    T->desc.progress = NULL;
}
static void by_refused(void) {
    static const double singular[12] = {1, 0, 0, 0, 2, 0, 0, 0, 0, 0, 1, 0}, lifted[12] = {1, 0, 0.1};
    double got[12] = {5};
    mv_register_metric by, bad;
    truth t;
    cloud c;
    int n, d;
    true_map(&t, MEDVOL_RIGID, 0);
#define BY(set, status)                                                                                      \
    do {                                                                                                     \
        mv_register_affine_opt o = near_start(MEDVOL_AFFINE);                                                \
        by = cloud_make(&c, t.to, 0, 0);                                                                     \
        set;                                                                                                 \
        CHECK_STATUS(mv_register_affine_by(T, got, &by, &o), status);                                        \
        CHECK(got[0] == 5 && T->error.code == status && strncmp(mv_message(T), "points: ", 8) == 0);         \
    } while (0)
    bad = by = cloud_make(&c, t.to, 0, 0);
    CHECK_STATUS(mv_register_affine_by(T, NULL, &by, NULL), MEDVOL_E_NULL);
    CHECK_STATUS(mv_register_affine_by(T, got, NULL, NULL), MEDVOL_E_NULL);
    bad.begin = NULL;
    CHECK_STATUS(mv_register_affine_by(T, got, &bad, NULL), MEDVOL_E_NULL);
    BY(by.look = NULL, MEDVOL_E_NULL);
    BY(by.levels = 0, MEDVOL_E_RANGE);
    BY(by.levels = 17, MEDVOL_E_RANGE);
    BY(by.batch = -1, MEDVOL_E_RANGE);
    BY(by.batch = 33, MEDVOL_E_RANGE);
    BY(o.model = (mv_model)4, MEDVOL_E_RANGE);
    BY(o.init = (mv_init)5, MEDVOL_E_RANGE);
    BY(o.search = 181, MEDVOL_E_RANGE);
    BY(o.search = NAN, MEDVOL_E_RANGE);
    BY(o.control.iterations = -1, MEDVOL_E_RANGE);
    BY(o.control.tolerance = -1, MEDVOL_E_RANGE);
    BY(o.start = singular, MEDVOL_E_SINGULAR);
    BY((o.start = lifted, by.flat = 1), MEDVOL_E_RANGE);
    BY(c.frame[1].n[2] = 0, MEDVOL_E_SIZE);
    BY(c.frame[0].n[0] = 1, MEDVOL_E_SIZE);
    BY(memcpy(c.frame[0].affine, singular, sizeof singular), MEDVOL_E_SINGULAR);
    BY(c.overlap = 0, MEDVOL_E_EMPTY);
    BY(c.overlap = NAN, MEDVOL_E_EMPTY);
    BY((c.fail_at = -1, c.status = MEDVOL_E_TRUNCATED), MEDVOL_E_TRUNCATED);
    BY((c.fail_at = 1, c.status = MEDVOL_E_CORRUPT), MEDVOL_E_CORRUPT);
    BY((c.fail_at = 3, c.status = MEDVOL_E_CORRUPT), MEDVOL_E_CORRUPT);
    BY((c.fail_at = 9, c.status = MEDVOL_E_CORRUPT, o.search = 30), MEDVOL_E_CORRUPT);
    BY((c.fail_at = 2, c.status = MEDVOL_E_CORRUPT, o.init = MEDVOL_INIT_AUTO), MEDVOL_E_CORRUPT);
    BY(for (n = 0; n < POINTS; n++) for (d = 1; d < 3; d++) c.p[n][d] = c.q[n][d] = 0, /* a line */
        MEDVOL_E_SINGULAR);
    BY(c.q[7][1] = NAN, MEDVOL_E_SINGULAR);
#undef BY
}

/* ---- local correlation ---- */
/* mean and greatest distance, in voxels of the first axis, of a field from the truth, where there is something
   to see */
static double field_error(const pair *p, const mv_volume *field, double *worst) {
    const size_t n = mv_volume_count(&p->fixed);
    double sum = 0, mm[3];
    size_t i, count = 0;
    mv_spacing(&p->fixed, mm);
    *worst = 0;
    for (i = 0; i < n; i++) {
        double x[3], w[3], u[3] = {0, 0, 0}, d = 0;
        const size_t *dim = p->fixed.dim;
        int k;
        x[0] = (double)(i % dim[0]), x[1] = (double)(i / dim[0] % dim[1]);
        x[2] = p->t.flat ? 0 : (double)(i / dim[0] / dim[1]);
        mv_affine_apply(w, p->fixed.affine, x);
        if (w[0] * w[0] + w[1] * w[1] + w[2] * w[2] > 18 * 18) continue;
        wave_at(&p->t, w, u);
        for (k = 0; k < (p->t.flat ? 2 : 3); k++) {
            const double e = (double)((const float *)field->data)[(size_t)k * n + i] - u[k];
            d += e * e;
        }
        sum += sqrt(d) / mm[0], count++;
        *worst = fmax(*worst, sqrt(d) / mm[0]);
    }
    return sum / (double)count;
}
static void waves(truth *t, int flat) {
    memset(t, 0, sizeof *t);
    t->flat = flat;
    mv_affine_identity(t->to);
    mv_affine_identity(t->back);
    t->wave = 2.6;
}
static void bias(mv_volume *v) { /* gain and offset that change slowly, contrast inverted */
    size_t i;
    for (i = 0; i < mv_volume_count(v); i++) {
        const double x = (double)(i % v->dim[0]) / (double)v->dim[0];
        float *f = (float *)v->data + i;
        *f = (float)(200 + 30 * x - (0.7 + 0.3 * x) * (double)*f);
    }
}
static uint32_t crc_of(const mv_volume *v) {
    return t_crc32(0, v->data, mv_volume_count(v) * sizeof(float));
}
static void lncc_of(int flat, int full, mv_descent descent, int iterations, double most) {
    static struct {
        uint32_t crc;
        float first[64];
        int known;
    } seen[5][2][2][3];
    mv_register_lncc_opt o = {0};
    mv_register_report rep;
    mv_volume field = {0};
    double worst, mean;
    truth t;
    pair p;
    waves(&t, flat);
    pair_make(&p, &t);
    bias(&p.moving);
    o.full = full, o.descent = descent, o.control.iterations = iterations, o.control.report = &rep;
    o.control.slope = -1;
    CHECK_OK(mv_register_lncc(T, &field, &p.fixed, &p.moving, &o));
    CHECK(field.ndim == 5 && field.dim[3] == 1 && field.dim[4] == (flat ? 2 : 3) &&
        field.dtype == MEDVOL_F32);
    CHECK(!memcmp(field.affine, p.fixed.affine, sizeof field.affine));
    mean = field_error(&p, &field, &worst);
    CHECK(mean < most && worst < 1.5);
    CHECK(rep.folded == 0 && rep.energy < rep.first && rep.level == 0);
    if (seen[t_level][flat][full][descent].known)
        CHECK(seen[t_level][flat][full][descent].crc == crc_of(&field));
    seen[t_level][flat][full][descent].known = 1;
    seen[t_level][flat][full][descent].crc = crc_of(&field);
    mv_volume_free(T, &field);
    pair_free(&p);
}
static void lncc(void) {
    lncc_of(0, 0, MEDVOL_DESCENT_NEWTON, 10, 0.15);
    lncc_of(0, 1, MEDVOL_DESCENT_NEWTON, 10, 0.15);
}
static void lncc_plane(void) {
    lncc_of(1, 0, MEDVOL_DESCENT_NEWTON, 10, 0.2);
    lncc_of(1, 1, MEDVOL_DESCENT_NEWTON, 10, 0.2);
}
static void lncc_descents(void) {
    lncc_of(0, 0, MEDVOL_DESCENT_GRADIENT, 30, 0.5);
    lncc_of(0, 0, MEDVOL_DESCENT_ADAM, 30, 0.5);
    lncc_of(0, 1, MEDVOL_DESCENT_GRADIENT, 30, 0.6);
    lncc_of(1, 0, MEDVOL_DESCENT_ADAM, 30, 0.6);
}
/* T(p) = A(p + u(p)): the chain of field and start shows the fixed image */
static void lncc_start(void) {
    mv_register_lncc_opt o = {0};
    mv_volume field = {0}, seen = {0};
    mv_transform chain[2];
    double worst, sum = 0, plain = 0;
    size_t i;
    truth t;
    pair p;
    true_map(&t, MEDVOL_AFFINE, 0);
    t.wave = 2.6;
    pair_make(&p, &t);
    o.start = t.to;
    CHECK_OK(mv_register_lncc(T, &field, &p.fixed, &p.moving, &o));
    CHECK(field_error(&p, &field, &worst) < 0.15);
    memset(chain, 0, sizeof chain);
    chain[0].kind = MEDVOL_TRANSFORM_FIELD, chain[0].field = &field;
    chain[1].kind = MEDVOL_TRANSFORM_AFFINE;
    memcpy(chain[1].affine, t.to, sizeof t.to);
    CHECK_OK(mv_warp(T, &seen, &p.moving, &p.fixed, chain, 2, NULL));
    for (i = 0; i < mv_volume_count(&seen); i++) {
        const double f = (double)((float *)p.fixed.data)[i], w = (double)((float *)seen.data)[i];
        if (i / few[0] / few[1] < 12 || i / few[0] / few[1] > 24 || i % few[0] < 12 ||
            i % few[0] > 30) continue;
        sum += (f - w) * (f - w), plain += f * f;
    }
    CHECK(sum < 2e-3 * plain);
    mv_volume_free(T, &seen), mv_volume_free(T, &field);
    pair_free(&p);
}
static void lncc_rest(void) { /* identical images, destinations with strides, NaN, small images, masks */
    static const size_t small[3] = {9, 8, 7}, dim[5] = {44, 40, 36, 1, 3};
    static const ptrdiff_t stride[5] = {1, 50, 50 * 41, 50 * 41 * 36, 50 * 41 * 36 + 3};
    mv_register_lncc_opt o = {0};
    mv_volume field = {0}, wide, mask = {0}, f = {0}, m = {0};
    double a[12], worst;
    float *room = (float *)malloc(sizeof *room * 50 * 41 * 36 * 3 + 64);
    size_t i, x, y, z;
    truth t;
    pair p;
    waves(&t, 0);
    pair_make(&p, &t);
    CHECK_OK(mv_register_lncc(T, &field, &p.fixed, &p.fixed, NULL));
    for (i = 0, worst = 0; i < mv_volume_count(&field); i++)
        worst = fmax(worst, fabs((double)((float *)field.data)[i]));
    CHECK(worst < 0.02 * 1.3);
    mv_volume_free(T, &field);
    CHECK_OK(mv_register_lncc(T, &field, &p.fixed, &p.moving, NULL));
    if (!CHECK(room != NULL)) return;
    CHECK_OK(mv_volume_wrap(T, &wide, room, MEDVOL_F32, 5, dim, stride));
    CHECK_OK(mv_register_lncc(T, &wide, &p.fixed, &p.moving, NULL));
    for (i = 0; i < mv_volume_count(&field); i++) {
        x = i % 44, y = i / 44 % 40, z = i / 44 / 40 % 36;
        if (room[x + 50 * y + 50 * 41 * z + (50 * 41 * 36 + 3) * (i / 44 / 40 / 36)] != ((float *)field.data)[i]) break;
    }
    CHECK(i == mv_volume_count(&field));
    free(room);
    mv_volume_free(T, &field);
    CHECK_OK(mv_volume_alloc(T, &mask, MEDVOL_U8, 3, few));
    memcpy(mask.affine, p.fixed.affine, sizeof mask.affine);
    memset(mask.data, 1, mv_volume_count(&mask));
    spoil(&p.fixed, NAN, NULL); /* what cannot be seen follows its surroundings */
    o.fixed_mask = &mask;
    CHECK_OK(mv_register_lncc(T, &field, &p.fixed, &p.moving, &o));
    for (i = 0; i < mv_volume_count(&field); i++)
        if (((float *)field.data)[i] != ((float *)field.data)[i]) break;
    CHECK(i == mv_volume_count(&field));
    CHECK(field_error(&p, &field, &worst) < 0.6);
    mv_volume_free(T, &field), mv_volume_free(T, &mask);
    grid(a, small, even, 0, 0, 0, middle);
    image(&f, small, 3, a, &t, 0), image(&m, small, 3, a, &t, 1);
    CHECK_OK(mv_register_lncc(T, &field, &f, &m, NULL));
    for (i = 0; i < mv_volume_count(&field); i++)
        if (!(fabs((double)((float *)field.data)[i]) < 30)) break;
    CHECK(i == mv_volume_count(&field));
    mv_volume_free(T, &field), mv_volume_free(T, &f), mv_volume_free(T, &m);
    pair_free(&p);
}
const t_case tests_register[] = {{"models", models, 0}, {"models_plane", models_plane, 0},
    {"symmetric", symmetric, 0}, {"masks", masks, 0}, {"holes", holes, 0}, {"robust", robust, 0},
    {"search", search, T_ONCE}, {"starts", starts, 0}, {"moments", moments, 0}, {"control", control, 0},
    {"refused", refused, 0}, {"by_points", by_points, 0}, {"by_both", by_both, 0},
    {"by_batches", by_batches, 0}, {"by_starts", by_starts, 0}, {"by_control", by_control, 0},
    {"by_refused", by_refused, 0}, {"lncc", lncc, 0}, {"lncc_plane", lncc_plane, 0},
    {"lncc_descents", lncc_descents, T_ONCE}, {"lncc_start", lncc_start, 0}, {"lncc_rest", lncc_rest, 0},
        {0}};
