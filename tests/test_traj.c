/* test_traj.c - trajectories against their formulas and BART's, units, samples of phantoms against
   mv_phantom_kspace and direct integrals; densities, delays, bins; gaps, places, errors. */
#include "test.h"

#define PI 3.14159265358979323846

static const double *kat(const mv_volume *v, size_t sample, size_t shot, size_t frame) {
    const size_t frames = v->ndim > 4 ? (size_t)v->stride[4] : 0;
    return (const double *)v->data + sample * (size_t)v->stride[1] + shot * (size_t)v->stride[2] + frame * frames;
}
/* fails with that status and the message about that field */
static int refused(mv_status got, mv_status want, const char *field) {
    const int ok = CHECK_STATUS(got, want) && CHECK(T->error.field && strcmp(T->error.field, field) == 0) &&
                   CHECK(T->error.text[0]);
    if (!ok) printf("  field %s: %s\n", T->error.field ? T->error.field : "-", T->error.text);
    return ok;
}
static double worst(const mv_volume *a, const mv_volume *b) { /* of doubles against pairs of floats */
    const float *q = (const float *)b->data;
    const size_t n = mv_volume_count(a);
    double e = 0;
    size_t i;
    for (i = 0; i < n; i++) e = fmax(e, fabs(((const double *)a->data)[i] - (double)q[2 * i]));
    return e;
}
static void test_bart(void) { /* spokes of BART 0.8 */
    mv_volume ref, t = {0};
    mv_radial_opt o;
    if (!t_shared(&ref, "bart_ref/traj_ga")) { t_skip("no data"); return; }
    memset(&o, 0, sizeof o);
    o.samples = 96, o.shots = 40, o.size = 64, o.order = MEDVOL_RADIAL_GOLDEN;
    CHECK_OK(mv_traj_radial(T, &t, &o));
    CHECK(mv_volume_count(&t) == mv_volume_count(&ref));
    CHECK_NEAR(worst(&t, &ref), 0, 3e-4); /* its angles are floats */
    mv_volume_free(T, &ref);
    if (!t_shared(&ref, "bart_ref/traj_tiny7")) { t_skip("no data"); return; }
    o.size = 0, o.order = MEDVOL_RADIAL_TINY;
    CHECK_OK(mv_traj_radial(T, &t, &o));
    CHECK_NEAR(worst(&t, &ref), 0, 3e-4); /* its angles are floats */
    /* a complex trajectory is read by its real parts */
    mv_volume_free(T, &t);
    CHECK_OK(mv_traj_convert(T, &t, &ref, MEDVOL_TRAJ_PIXEL, MEDVOL_TRAJ_PIXEL, NULL, NULL));
    CHECK(t.dtype == MEDVOL_F64 && worst(&t, &ref) == 0);
    mv_volume_free(T, &ref), mv_volume_free(T, &t);
}
static double turned(double a) { return a - 360 * floor(a / 360); }
static void test_radial(void) {
    static const size_t samples[] = {1, 2, 7, 16, 33};
    size_t c, m, s, f;
    for (c = 0; c < 160; c++) {
        const size_t n = samples[c % 5], shots = 1 + c % 7, frames = 1 + c % 3;
        const int half = c / 5 % 2, centre = c / 10 % 2, order = (int)(c / 20 % 4), repeat = (int)(c / 80);
        const double size = c % 3 ? 0.5 + (double)c : 0, full = size > 0 ? size : half ? 2.0 * (double)n : (double)n;
        mv_volume t = {0};
        mv_radial_opt o;
        double e = 0;
        memset(&o, 0, sizeof o);
        o.samples = n, o.shots = shots, o.frames = frames, o.size = size, o.half = half, o.centre = centre;
        o.order = order, o.repeat = repeat, o.start = 10, o.first = c % 11;
        if (!CHECK_OK(mv_traj_radial(T, &t, &o))) return;
        CHECK(t.dim[0] == 3 && t.dim[1] == n && t.dim[2] == shots && t.dtype == MEDVOL_F64);
        CHECK(frames == 1 ? t.ndim == 3 : t.ndim == 5 && t.dim[3] == 1 && t.dim[4] == frames);
        for (f = 0; f < frames; f++)
            for (s = 0; s < shots; s++) {
                const double i = (double)(o.first + s + (repeat ? 0 : f * shots)), range = half ? 360 : 180;
                double a, r, total, step;
                size_t g0 = 1, g1 = 1, x;
                while (g1 < shots * (repeat ? 1 : frames) || g1 < 2) x = g0 + g1, g0 = g1, g1 = x;
                total = (double)g1, step = (double)g0; /* Fibonacci numbers side by side */
                a = order == 0 ? range * ((double)(o.first + s) + (repeat ? 0 : (double)f / (double)frames)) / (double)shots
                    : order == 1 ? i * range / ((1 + sqrt(5)) / 2)
                    : order == 2 ? i * range / ((1 + sqrt(5)) / 2 + 6)
                                 : i * range * step / total;
                a = turned(a + 10) * PI / 180;
                for (m = 0; m < n; m++) {
                    const double *k = kat(&t, m, s, f);
                    if (half) r = ((double)m + (centre ? 0 : 0.5)) * full / 2 / (double)n;
                    else r = ((double)m + (centre ? 0 : 0.5) - (centre ? floor((double)n / 2) : (double)n / 2)) * full / (double)n;
                    e = fmax(e, fabs(k[0] - r * sin(a)) + fabs(k[1] - r * cos(a)) + fabs(k[2]));
                }
            }
        CHECK_NEAR(e, 0, 1e-9);
        mv_volume_free(T, &t);
    }
}
static void test_radial_errors(void) {
    mv_volume t = {0};
    mv_radial_opt o, good;
    size_t dim[3] = {3, 4, 5};
    memset(&good, 0, sizeof good);
    good.samples = 8, good.shots = 5;
    refused(mv_traj_radial(T, &t, NULL), MEDVOL_E_NULL, "opt");
    refused(mv_traj_radial(T, NULL, &good), MEDVOL_E_NULL, "dst");
#define WITH(change, status, field) \
    o = good; \
    change; \
    refused(mv_traj_radial(T, &t, &o), status, field)
    WITH(o.samples = 0, MEDVOL_E_EMPTY, "samples");
    WITH(o.shots = 0, MEDVOL_E_EMPTY, "shots");
    WITH(o.size = NAN, MEDVOL_E_RANGE, "size");
    WITH(o.size = -1, MEDVOL_E_RANGE, "size");
    WITH(o.order = 4, MEDVOL_E_RANGE, "order");
    WITH(o.tiny = -1, MEDVOL_E_RANGE, "tiny");
    WITH(o.start = INFINITY, MEDVOL_E_RANGE, "start");
    WITH(o.range = NAN, MEDVOL_E_RANGE, "range");
    WITH(o.range = 361, MEDVOL_E_RANGE, "range");
    WITH((o.order = MEDVOL_RADIAL_RAGA, o.total = 22), MEDVOL_E_RANGE, "total");
    CHECK(strstr(T->error.text, "13 and 34") || strstr(T->error.text, "21 and 34"));
    WITH(o.samples = (size_t)-1, MEDVOL_E_SIZE, "samples");
    WITH((o.samples = (size_t)1 << (4 * sizeof(size_t)), o.shots = o.samples), MEDVOL_E_SIZE, "samples");
    o = good, o.order = MEDVOL_RADIAL_RAGA, o.total = 34, o.tiny = 1;
    CHECK_OK(mv_traj_radial(T, &t, &o));
    mv_volume_free(T, &t);
    o.tiny = 7, o.total = 38;
    CHECK_OK(mv_traj_radial(T, &t, &o));
    CHECK_NEAR(atan2(kat(&t, 7, 1, 0)[0], kat(&t, 7, 1, 0)[1]) * 180 / PI, 180.0 * 5 / 38, 1e-9);
    mv_volume_free(T, &t);
    CHECK_OK(mv_volume_alloc(T, &t, MEDVOL_F64, 3, dim));
    refused(mv_traj_radial(T, &t, &good), MEDVOL_E_SHAPE, "dst");
    mv_volume_free(T, &t);
    CHECK_OK(mv_volume_alloc(T, &t, MEDVOL_F32, 3, dim));
    refused(mv_traj_radial(T, &t, &good), MEDVOL_E_DTYPE, "dst");
    mv_volume_free(T, &t);
}
static void test_convert(void) {
    static const size_t shape[3] = {64, 61, 30};
    static const double fov[3] = {0.25, 0.2, 0.5};
    mv_volume t = {0}, u = {0}, w, gaps;
    mv_radial_opt o;
    size_t dim[3], i, n;
    ptrdiff_t stride[3] = {1, 5, 0};
    double *room;
    int a, b, k;
    memset(&o, 0, sizeof o);
    o.samples = 17, o.shots = 11;
    CHECK_OK(mv_traj_radial(T, &t, &o));
    n = mv_volume_count(&t);
    for (i = 0; i < n; i += 3) ((double *)t.data)[i + 2] = (double)(i % 15) - 7;
    for (a = 0; a < 4; a++)
        for (b = 0; b < 4; b++) {
            double e = 0;
            CHECK_OK(mv_traj_convert(T, &u, &t, a, b, shape, fov));
            for (i = 0; i < n; i++) {
                const double of[4] = {1, 1.0 / (double)shape[i % 3], 2 * PI / (double)shape[i % 3], 1 / fov[i % 3]};
                const double x = ((double *)t.data)[i] * (of[b] / of[a]), y = ((double *)u.data)[i];
                e = fmax(e, fabs(x - y) / (1e-300 + fabs(x)));
            }
            CHECK_NEAR(e, 0, 3e-16);
        }
    /* in place, and floats, and gaps */
    CHECK_OK(mv_volume_copy(T, &u, &t));
    CHECK_OK(mv_traj_convert(T, &u, &u, MEDVOL_TRAJ_PIXEL, MEDVOL_TRAJ_CYCLES, shape, NULL));
    CHECK(((double *)u.data)[4] == ((double *)t.data)[4] * (1.0 / 61));
    memset(&w, 0, sizeof w);
    CHECK_OK(mv_convert(T, &w, &t, MEDVOL_F32, NULL));
    CHECK_OK(mv_traj_convert(T, &u, &w, MEDVOL_TRAJ_PIXEL, MEDVOL_TRAJ_PER_METRE, NULL, fov));
    CHECK_NEAR(((double *)u.data)[4], (double)((float *)w.data)[4] / 0.2, 1e-12);
    mv_volume_free(T, &w);
    stride[2] = 5 * 17 + 3;
    room = (double *)calloc(11 * (5 * 17 + 3), sizeof *room);
    for (k = 0; k < 3; k++) dim[k] = t.dim[k];
    CHECK(room != NULL);
    CHECK_OK(mv_volume_wrap(T, &gaps, room, MEDVOL_F64, 3, dim, stride));
    CHECK_OK(mv_traj_convert(T, &gaps, &t, MEDVOL_TRAJ_PIXEL, MEDVOL_TRAJ_PIXEL, NULL, NULL));
    CHECK(kat(&gaps, 16, 10, 0)[1] == kat(&t, 16, 10, 0)[1] && room[3] == 0);
    mv_volume_free(T, &u);
    CHECK_OK(mv_traj_convert(T, &u, &gaps, MEDVOL_TRAJ_PIXEL, MEDVOL_TRAJ_PIXEL, NULL, NULL));
    CHECK(memcmp(u.data, t.data, n * 8) == 0);
    free(room);
    mv_volume_free(T, &u);
    refused(mv_traj_convert(T, &u, &t, 4, 0, shape, fov), MEDVOL_E_RANGE, "from");
    refused(mv_traj_convert(T, &u, &t, 0, -1, shape, fov), MEDVOL_E_RANGE, "to");
    refused(mv_traj_convert(T, &u, &t, 0, 1, NULL, fov), MEDVOL_E_NULL, "shape");
    refused(mv_traj_convert(T, &u, &t, 0, 3, NULL, NULL), MEDVOL_E_NULL, "fov");
    {
        static const double wrong[3] = {0.25, NAN, 0.5};
        static const size_t none[3] = {1, 1, 0};
        refused(mv_traj_convert(T, &u, &t, 0, 3, shape, wrong), MEDVOL_E_RANGE, "fov");
        refused(mv_traj_convert(T, &u, &t, 0, 1, none, fov), MEDVOL_E_SIZE, "shape");
    }
    ((double *)t.data)[3 * (17 * 2 + 5) + 1] = NAN;
    refused(mv_traj_convert(T, &u, &t, 0, 1, shape, fov), MEDVOL_E_RANGE, "traj");
    CHECK(strstr(T->error.text, "ky = NaN of sample 5, shot 2, frame 0") != NULL);
    CHECK(u.data == NULL);
    dim[0] = 2;
    mv_volume_free(T, &t);
    CHECK_OK(mv_volume_alloc(T, &t, MEDVOL_F64, 3, dim));
    refused(mv_traj_convert(T, &u, &t, 0, 1, shape, fov), MEDVOL_E_SHAPE, "traj");
    mv_volume_free(T, &t);
}

/* ---- samples of phantoms ---- */
static double of_greatest(const mv_volume *a, const mv_volume *b) { /* |a - b|, of the greatest |b| */
    const float *p = (const float *)a->data, *q = (const float *)b->data;
    const size_t n = 2 * mv_volume_count(b);
    double e = 0, m = 0;
    size_t i;
    if (mv_volume_count(a) != mv_volume_count(b)) return HUGE_VAL;
    for (i = 0; i < n; i++) {
        e = fmax(e, fabs((double)p[i] - (double)q[i]));
        m = fmax(m, fabs((double)q[i]));
    }
    return e / m;
}
static void test_phantom(void) { /* on the grid mv_phantom_kspace */
    static const size_t shapes[][3] = {{16, 9, 1}, {7, 8, 5}, {33, 20, 1}, {4, 5, 3}};
    static const mv_ellipse turned_one = {{0.3, -0.2, 0.1}, {0.3, 0.7, 0.4}, {30, 50, 70}, -1.5};
    size_t c, x, y, z, at;
    for (c = 0; c < 4; c++) {
        const size_t *n = shapes[c], all = n[0] * n[1] * n[2];
        size_t dim[3] = {3, 0, 0};
        mv_phantom_opt o;
        mv_volume t = {0}, s = {0}, k = {0};
        memset(&o, 0, sizeof o);
        o.coils = c == 0 ? 0 : c == 3 ? 2 : 3;
        if (c > 1) o.shapes = &turned_one, o.count = 1;
        dim[1] = n[0], dim[2] = n[1] * n[2];
        CHECK_OK(mv_volume_alloc(T, &t, MEDVOL_F64, 3, dim));
        for (at = z = 0; z < n[2]; z++)
            for (y = 0; y < n[1]; y++)
                for (x = 0; x < n[0]; x++, at += 3) {
                    double *q = (double *)t.data + at;
                    q[0] = (double)x - (double)(n[0] / 2), q[1] = (double)y - (double)(n[1] / 2);
                    q[2] = n[2] > 1 ? (double)z - (double)(n[2] / 2) : 0.25;
                }
        CHECK_OK(mv_phantom_kspace(T, &k, n, &o));
        CHECK_OK(mv_phantom_samples(T, &s, &t, n, &o));
        CHECK(s.dtype == MEDVOL_C64 && s.dim[0] == 1 && s.dim[1] == n[0] && s.dim[3] == (o.coils ? o.coils : 1));
        CHECK(mv_volume_count(&s) == all * (o.coils ? o.coils : 1));
        CHECK_NEAR(of_greatest(&s, &k), 0, 1e-6);
        mv_volume_free(T, &t), mv_volume_free(T, &s), mv_volume_free(T, &k);
    }
}
static void test_phantom_any(void) { /* between grid points: quadrature of a disc and its coil; many frames */
    static const size_t n[3] = {32, 32, 1};
    const mv_ellipse disc = {{0.2, -0.1, 0}, {0.5, 0.3, 1}, {25, 0, 0}, 2};
    const mv_ellipse point = {{0.2, -0.1, 0}, {0.5, 0.3, 1}, {25, 0, 0}, 2};
    mv_volume t = {0}, s = {0}, one = {0};
    mv_phantom_opt o;
    mv_radial_opt r;
    size_t i, j;
    double e = 0;
    memset(&o, 0, sizeof o), memset(&r, 0, sizeof r);
    o.shapes = &disc, o.count = 1, o.coils = 3;
    r.samples = 19, r.shots = 7, r.frames = 2, r.size = 32, r.order = MEDVOL_RADIAL_GOLDEN;
    CHECK_OK(mv_traj_radial(T, &t, &r));
    CHECK_OK(mv_phantom_samples(T, &s, &t, n, &o));
    CHECK(s.ndim == 5 && s.dim[1] == 19 && s.dim[2] == 7 && s.dim[3] == 3 && s.dim[4] == 2);
    /* polar quadrature over the ellipse: midpoint rule in the angle, Gauss-like fine steps of the radius */
    for (i = 0; i < 5; i++) {
        const size_t shot = i % 7, sample = 3 + 3 * i, frame = i % 2, coil = i % 3, steps = 400;
        const double *k = kat(&t, sample, shot, frame), a = 25 * PI / 180, turn = 2 * PI * (double)coil / 3;
        const double p[2] = {cos(turn), sin(turn)};
        const float *got = (const float *)s.data + 2 * (sample + 19 * (shot + 7 * (coil + 3 * frame)));
        double re = 0, im = 0;
        size_t q;
        for (j = 0; j < steps; j++)
            for (q = 0; q < 200; q++) {
                const double rho = ((double)j + 0.5) / (double)steps, phi = 2 * PI * ((double)q + 0.5) / 200;
                const double u = 0.5 * rho * cos(phi), v = 0.3 * rho * sin(phi);
                const double x = 0.2 + u * cos(a) - v * sin(a), y = -0.1 + u * sin(a) + v * cos(a);
                double sr = cos(turn), si = sin(turn), area = 0.15 * rho / (double)steps * 2 * PI / 200 * 2, ph;
                int d;
                for (d = 0; d < 2; d++) {
                    const double w = PI / 2 * ((d ? y : x) - p[d]);
                    const double cr = 0.5 + 0.5 * cos(w), ci = 0.25 * sin(w), tr = sr * cr - si * ci;
                    si = sr * ci + si * cr, sr = tr;
                }
                ph = -PI * (k[0] * x + k[1] * y);
                re += area * (sr * cos(ph) - si * sin(ph)), im += area * (sr * sin(ph) + si * cos(ph));
            }
        re *= 8, im *= 8; /* sqrt(32 32) / 2^2 */
        e = fmax(e, hypot(re - (double)got[0], im - (double)got[1]));
    }
    CHECK_NEAR(e, 0, 2e-4);
    /* as double as floats hold it, into memory of its own, one coil of one frame */
    o.coils = 0;
    o.shapes = &point;
    CHECK_OK(mv_phantom_samples(T, &one, &t, n, &o));
    CHECK(one.ndim == 5 && one.dim[3] == 1);
    mv_volume_free(T, &one);
    refused(mv_phantom_samples(T, &one, &t, NULL, &o), MEDVOL_E_NULL, "shape");
    refused(mv_phantom_samples(T, &one, NULL, n, &o), MEDVOL_E_NULL, "traj");
    refused(mv_phantom_samples(T, NULL, &t, n, &o), MEDVOL_E_NULL, "dst");
    refused(mv_phantom_samples(T, &t, &t, n, &o), MEDVOL_E_ALIAS, "dst");
    ((double *)t.data)[5] = INFINITY;
    refused(mv_phantom_samples(T, &one, &t, n, &o), MEDVOL_E_RANGE, "traj");
    ((double *)t.data)[5] = 0;
    o.count = 0;
    refused(mv_phantom_samples(T, &one, &t, n, &o), MEDVOL_E_EMPTY, "count");
    o.count = 1, o.kind = 7;
    refused(mv_phantom_samples(T, &one, &t, n, &o), MEDVOL_E_RANGE, "kind");
    mv_volume_free(T, &t), mv_volume_free(T, &s);
}

const t_case tests_traj[] = {
    {"bart", test_bart, 0},
    {"radial", test_radial, 0},
    {"radial_errors", test_radial_errors, 0},
    {"convert", test_convert, 0},
    {"phantom", test_phantom, 0},
    {"phantom_any", test_phantom_any, 0},
    {0},
};
