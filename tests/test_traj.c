/* test_traj.c - trajectories against their formulas and BART's, units, samples of phantoms against
   mv_phantom_kspace and direct integrals; densities, delays, bins; gaps, places, errors. */
#include "test.h"

#define PI 3.14159265358979323846

static const double *kat(const mv_volume *v, size_t sample, size_t shot, size_t frame) {
    const size_t frames = v->ndim > 4 ? (size_t)v->stride[4] : 0;
    return (const double *)v->data + sample * (size_t)v->stride[1] + shot * (size_t)v->stride[2] +
           frame * frames;
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
static void test_bart_phantom(void) { /* its y is our x, its x our -y; up to one factor */
    static const size_t n[3] = {64, 64, 1};
    mv_volume pairs, ref, t = {0}, s = {0};
    const float *p, *q;
    double ab = 0, aa = 0, bb = 0;
    size_t i, all;
    if (!t_shared(&pairs, "bart_ref/traj_ga")) { t_skip("no data"); return; }
    if (!t_shared(&ref, "bart_ref/ph_ksp_ga")) { mv_volume_free(T, &pairs), t_skip("no data"); return; }
    CHECK_OK(mv_traj_convert(T, &t, &pairs, MEDVOL_TRAJ_PIXEL, MEDVOL_TRAJ_PIXEL, NULL, NULL));
    for (all = mv_volume_count(&t), i = 0; i < all; i += 3) {
        double *k = (double *)t.data + i, x = k[0];
        k[0] = k[1], k[1] = -x;
    }
    CHECK_OK(mv_phantom_samples(T, &s, &t, n, NULL));
    CHECK(mv_volume_count(&s) == mv_volume_count(&ref));
    p = (const float *)s.data, q = (const float *)ref.data;
    for (i = 0; i < 2 * mv_volume_count(&s); i++) {
        ab += (double)p[i] * (double)q[i], aa += (double)p[i] * (double)p[i],
            bb += (double)q[i] * (double)q[i];
    }
    CHECK_NEAR(sqrt(fmax(0, 1 - ab * ab / (aa * bb))), 0, 1e-6);
    mv_volume_free(T, &pairs), mv_volume_free(T, &ref), mv_volume_free(T, &t), mv_volume_free(T, &s);
}
static double turned(double a) { return a - 360 * floor(a / 360); }
static void test_radial(void) {
    static const size_t samples[] = {1, 2, 7, 16, 33};
    size_t c, m, s, f;
    for (c = 0; c < 160; c++) {
        const size_t n = samples[c % 5], shots = 1 + c % 7, frames = 1 + c % 3;
        const int half = c / 5 % 2, centre = c / 10 % 2, order = (int)(c / 20 % 4), repeat = (int)(c / 80);
        const double size = c % 3 ? 0.5 + (double)c : 0, full = size > 0 ? size
                                                                : half   ? 2.0 * (double)n
                                                                         : (double)n;
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
                a = order == 0 ? range * ((double)(o.first + s) + (repeat ? 0 : (double)f / (double)frames)) /
                                     (double)shots
                    : order == 1 ? i * range / ((1 + sqrt(5)) / 2)
                    : order == 2 ? i * range / ((1 + sqrt(5)) / 2 + 6)
                                 : i * range * step / total;
                a = turned(a + 10) * PI / 180;
                for (m = 0; m < n; m++) {
                    const double *k = kat(&t, m, s, f);
                    if (half) r = ((double)m + (centre ? 0 : 0.5)) * full / 2 / (double)n;
                    else
                        r = ((double)m + (centre ? 0 : 0.5) -
                                (centre ? floor((double)n / 2) : (double)n / 2)) *
                            full / (double)n;
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
    o.tiny = 3, o.total = 1; /* the sequence of 3: 1, 3, 4 ... */
    CHECK_OK(mv_traj_radial(T, &t, &o));
    CHECK_NEAR(fabs(kat(&t, 7, 1, 0)[0]), 0, 1e-12);
    mv_volume_free(T, &t);
    o.total = 2;
    refused(mv_traj_radial(T, &t, &o), MEDVOL_E_RANGE, "total");
    CHECK(strstr(T->error.text, "1 and 3") != NULL);
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
                const double of[4] = {
                    1, 1.0 / (double)shape[i % 3], 2 * PI / (double)shape[i % 3], 1 / fov[i % 3]};
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
        CHECK(s.dtype == MEDVOL_C64 && s.dim[0] == 1 && s.dim[1] == n[0] &&
              s.dim[3] == (o.coils ? o.coils : 1));
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
                double sr = cos(turn), si = sin(turn), area = 0.15 * rho / (double)steps * 2 * PI / 200 * 2,
                       ph;
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


/* ---- other shapes ---- */
static void make_radial(
    mv_volume *t, size_t samples, size_t shots, double size, int order, int half, int centre) {
    mv_radial_opt o;
    memset(&o, 0, sizeof o), memset(t, 0, sizeof *t);
    o.samples = samples, o.shots = shots, o.size = size, o.order = order, o.half = half, o.centre = centre;
    CHECK_OK(mv_traj_radial(T, t, &o));
}
static double length(const double *k) { return sqrt(k[0] * k[0] + k[1] * k[1] + k[2] * k[2]); }
static void test_koosh(void) {
    mv_volume t = {0};
    mv_koosh_opt o;
    size_t i;
    int kind, half;
    for (kind = 0; kind < 2; kind++)
        for (half = 0; half < 2; half++) {
            double mean[3] = {0, 0, 0}, e = 0;
            memset(&o, 0, sizeof o);
            o.samples = 9, o.shots = 500, o.frames = 2, o.kind = kind, o.half = half, o.size = 18;
            CHECK_OK(mv_traj_koosh(T, &t, &o));
            for (i = 0; i < 1000; i++) {
                const double *k = kat(&t, 8, i % 500, i / 500), r = half ? 8.5 : 8;
                const double number = (double)i,
                             f = number * 0.4655712318767680 - floor(number * 0.4655712318767680);
                double z = kind ? cos(PI / 2 * sqrt(number / 1000)) : f;
                if (half && kind) {
                    z = cos(PI / 2 * sqrt(((double)(i / 2) + 0.5) / 500));
                    if (i % 2) z = -z;
                } else if (half) z = 2 * f - 1;
                e = fmax(e, fabs(length(k) - r) + fabs(k[2] / r - z));
                mean[0] += k[0] / r / 1000, mean[1] += k[1] / r / 1000, mean[2] += k[2] / r / 1000;
                if (kind) {
                    const double a = atan2(k[0], k[1]) * 180 / PI;
                    double d = turned(a - number * 137.50776405003785);
                    d = fmin(d, 360 - d);
                    if (sqrt(k[0] * k[0] + k[1] * k[1]) > 1) e = fmax(e, d);
                }
            }
            CHECK_NEAR(e, 0, 1e-7);
            CHECK(fabs(mean[0]) < 0.02 && fabs(mean[1]) < 0.02);
            if (half) CHECK(fabs(mean[2]) < 0.02);
            mv_volume_free(T, &t);
        }
    memset(&o, 0, sizeof o);
    o.samples = 4, o.shots = 34, o.kind = MEDVOL_KOOSH_PHYLLOTAXIS, o.interleaves = 2, o.centre = 1;
    CHECK_OK(mv_traj_koosh(T, &t, &o));
    CHECK_NEAR(kat(&t, 3, 1, 0)[2], cos(PI / 2 * sqrt(2.0 / 34)), 1e-12);
    CHECK_NEAR(kat(&t, 3, 17, 0)[2], cos(PI / 2 * sqrt(1.0 / 34)), 1e-12);
    mv_volume_free(T, &t);
    o.interleaves = 3;
    refused(mv_traj_koosh(T, &t, &o), MEDVOL_E_RANGE, "interleaves");
    o.kind = 2;
    refused(mv_traj_koosh(T, &t, &o), MEDVOL_E_RANGE, "kind");
    o.samples = 0;
    refused(mv_traj_koosh(T, &t, &o), MEDVOL_E_EMPTY, "samples");
    refused(mv_traj_koosh(T, &t, NULL), MEDVOL_E_NULL, "opt");
}
static void test_stack(void) {
    mv_volume t, s = {0};
    mv_stack_opt o;
    size_t p, j;
    double e = 0;
    int outer;
    make_radial(&t, 6, 5, 12, MEDVOL_RADIAL_GOLDEN, 0, 0);
    for (outer = 0; outer < 2; outer++) {
        memset(&o, 0, sizeof o);
        o.partitions = 4, o.turn = 30, o.outer = outer, o.step = 0.5;
        CHECK_OK(mv_traj_stack(T, &s, &t, &o));
        CHECK(s.dim[2] == 20);
        for (p = 0; p < 4; p++)
            for (j = 0; j < 5; j++) {
                const double *k = kat(&s, 5, outer ? p * 5 + j : j * 4 + p, 0), *q = kat(&t, 5, j, 0);
                const double a = atan2(q[0], q[1]) + (double)p * 30 * PI / 180, r = length(q);
                e = fmax(e,
                    fabs(k[0] - r * sin(a)) + fabs(k[1] - r * cos(a)) + fabs(k[2] - 0.5 * ((double)p - 2)));
            }
        mv_volume_free(T, &s);
    }
    CHECK_NEAR(e, 0, 1e-12);
    o.partitions = 0;
    refused(mv_traj_stack(T, &s, &t, &o), MEDVOL_E_EMPTY, "partitions");
    o.partitions = (size_t)-1;
    refused(mv_traj_stack(T, &s, &t, &o), MEDVOL_E_SIZE, "partitions");
    o.partitions = 2, o.turn = NAN;
    refused(mv_traj_stack(T, &s, &t, &o), MEDVOL_E_RANGE, "turn");
    o.turn = 0, o.step = -1;
    refused(mv_traj_stack(T, &s, &t, &o), MEDVOL_E_RANGE, "step");
    mv_volume_free(T, &t);
}
/* differences of samples, of double the step, too: what a scanner would see */
static void within(const mv_volume *t, const mv_gradients *g) {
    mv_gradient_peaks p;
    const double gradient = g->gradient > 0 ? g->gradient : 40, slew = g->slew > 0 ? g->slew : 150;
    CHECK_OK(mv_traj_limits(T, &p, t, g));
    if (!CHECK(p.gradient <= gradient) || !CHECK(p.slew <= slew) || !CHECK(p.start <= slew))
        printf("  %g of %g mT/m, %g of %g T/m/s, start %g\n", p.gradient, gradient, p.slew, slew, p.start);
    CHECK(p.slew >= 0.97 * slew || p.gradient >= 0.97 * gradient); /* one of them binds */
}
static void test_spiral(void) {
    static const struct {
        size_t shots;
        double size, inner, outer, power, gradient, slew, dwell, fov;
    } cases[] = {{16, 128, 0, 0, 0, 0, 0, 0, 0}, {1, 32, 0, 0, 0, 30, 100, 2e-6, 0.2},
        {8, 96, 1, 0.4, 1, 40, 150, 4e-6, 0.3}, {8, 96, 0.5, 1.5, 3, 60, 200, 10e-6, 0.22},
        {48, 256, 0, 0, 0, 22, 120, 5e-6, 0.25}, {3, 64, 2, 0.1, 2, 80, 50, 1e-5, 0.4}};
    size_t c, m, j;
    for (c = 0; c < 6; c++) {
        mv_volume t = {0};
        mv_spiral_opt o;
        double e = 0, before = -1, r = 0;
        memset(&o, 0, sizeof o);
        o.shots = cases[c].shots, o.size = cases[c].size, o.inner = cases[c].inner, o.outer = cases[c].outer;
        o.power = cases[c].power, o.limits.gradient = cases[c].gradient, o.limits.slew = cases[c].slew;
        o.limits.dwell = cases[c].dwell, o.limits.fov = cases[c].fov, o.start = 20;
        if (!CHECK_OK(mv_traj_spiral(T, &t, &o))) return;
        within(&t, &o.limits);
        for (m = 0; m < t.dim[1]; m++) { /* the curve: angle of a radius; outwards */
            const double inner = o.inner > 0 ? o.inner : 1, outer = o.outer > 0 ? o.outer : 1;
            const double power = o.power > 0 ? o.power : 1, *k = kat(&t, m, 1 % o.shots, 0);
            double a;
            r = length(k);
            CHECK(r >= before);
            before = r;
            a = 2 * PI / (double)o.shots *
                (inner * r + (outer - inner) * o.size / 2 * pow(2 * r / o.size, power + 1) / (power + 1));
            a += (20 + (o.shots > 1 ? 360 / (double)o.shots : 0)) * PI / 180;
            e = fmax(e, hypot(k[0] - r * sin(a), k[1] - r * cos(a)) + fabs(k[2]));
        }
        CHECK_NEAR(e, 0, 1e-7);
        CHECK(r <= o.size / 2 && r > o.size / 2 - 3); /* to the edge but for a step */
        for (j = 0; j < 3; j++) CHECK(kat(&t, 0, 0, 0)[j] == 0);
        mv_volume_free(T, &t);
    }
}
static void test_spiral_errors(void) {
    mv_volume t = {0};
    mv_spiral_opt o, good;
    memset(&good, 0, sizeof good);
    good.shots = 4, good.size = 32;
    refused(mv_traj_spiral(T, &t, NULL), MEDVOL_E_NULL, "opt");
    refused(mv_traj_spiral(T, NULL, &good), MEDVOL_E_NULL, "dst");
#undef WITH
#define WITH(change, status, field) \
    o = good; \
    change; \
    refused(mv_traj_spiral(T, &t, &o), status, field)
    WITH(o.shots = 0, MEDVOL_E_EMPTY, "shots");
    WITH(o.size = 0, MEDVOL_E_RANGE, "size");
    WITH(o.size = NAN, MEDVOL_E_RANGE, "size");
    WITH(o.inner = -1, MEDVOL_E_RANGE, "inner");
    WITH(o.outer = NAN, MEDVOL_E_RANGE, "outer");
    WITH(o.power = 101, MEDVOL_E_RANGE, "power");
    WITH(o.turn = INFINITY, MEDVOL_E_RANGE, "turn");
    WITH(o.limits.gradient = NAN, MEDVOL_E_RANGE, "gradient");
    WITH(o.limits.slew = -1, MEDVOL_E_RANGE, "slew");
    WITH(o.limits.dwell = 2, MEDVOL_E_RANGE, "dwell");
    WITH(o.limits.dwell = 0.5, MEDVOL_E_RANGE, "dwell");
    WITH(o.limits.dwell = 1e-12, MEDVOL_E_RANGE, "dwell");
    WITH(o.limits.fov = NAN, MEDVOL_E_RANGE, "fov");
    WITH(o.limits.gamma = -1, MEDVOL_E_RANGE, "gamma");
}
static void test_cones(void) {
    mv_volume t = {0};
    mv_cones_opt o;
    size_t s, m;
    double most = 0, e = 0;
    memset(&o, 0, sizeof o);
    o.size = 24, o.limits.dwell = 8e-6;
    CHECK_OK(mv_traj_cones(T, &t, &o));
    within(&t, &o.limits);
    for (s = 0; s < t.dim[2]; s++) {
        const double *last = kat(&t, t.dim[1] - 1, s, 0);
        most = fmax(most, length(last));
        for (m = 1; m < t.dim[1]; m++) { /* one elevation a readout */
            const double *k = kat(&t, m, s, 0);
            e = fmax(e, fabs(k[2] * length(last) - last[2] * length(k)));
        }
    }
    CHECK_NEAR(e, 0, 1e-9);
    CHECK(most <= 12 && most > 11);
    mv_volume_free(T, &t);
    o.cones = 1, o.shots = 5;
    CHECK_OK(mv_traj_cones(T, &t, &o));
    CHECK(t.dim[2] == 5);
    mv_volume_free(T, &t);
    o.size = NAN;
    refused(mv_traj_cones(T, &t, &o), MEDVOL_E_RANGE, "size");
    o.size = 24, o.cones = 1000000;
    refused(mv_traj_cones(T, &t, &o), MEDVOL_E_RANGE, "cones");
    o.cones = 0, o.limits.slew = NAN;
    refused(mv_traj_cones(T, &t, &o), MEDVOL_E_RANGE, "slew");
    refused(mv_traj_cones(T, &t, NULL), MEDVOL_E_NULL, "opt");
}
/* few readouts of many turns reach the radius; azimuths by their formula; neighbours at most 1 apart */
static void test_cones_turns(void) {
    static const struct {
        double size;
        size_t cones, shots;
        double gradient, slew, dwell;
    } cases[] = {{512, 1, 1, 200, 2000, 1e-4}, {256, 3, 1, 200, 2000, 1e-5}, {48, 5, 3, 0, 0, 0}};
    size_t c, s, m, j;
    for (c = 0; c < 3; c++) {
        mv_volume t = {0};
        mv_cones_opt o;
        double e = 0, most = 0, off = 0;
        memset(&o, 0, sizeof o);
        o.size = cases[c].size, o.cones = cases[c].cones, o.shots = cases[c].shots;
        o.limits.gradient = cases[c].gradient, o.limits.slew = cases[c].slew, o.limits.dwell = cases[c].dwell;
        if (!CHECK_OK(mv_traj_cones(T, &t, &o))) return;
        within(&t, &o.limits);
        for (s = m = 0; m < o.cones; m++) {
            const double up = o.cones > 1 ? PI * ((double)m / (double)(o.cones - 1) - 0.5) : 0;
            const size_t shots = (size_t)fmax(1, ceil((double)o.shots * cos(up) - 1e-9));
            for (j = 0; j < shots; j++, s++) {
                const double *k = kat(&t, t.dim[1] - 1, s, 0), *q = kat(&t, t.dim[1] - 2, s, 0);
                size_t i;
                off = fmax(off, (o.size / 2 - length(k)) / (length(k) - length(q))); /* in last steps */
                if (fabs(fabs(up) - PI / 2) < 1e-6) continue;
                for (i = 0; i < t.dim[1]; i++) {
                    const double *p = kat(&t, i, s, 0), r = length(p);
                    const double u = 2 * PI * r * cos(up) / (double)shots;
                    const double a = (u - atan(sqrt(2) * u) / sqrt(2)) / cos(up) +
                                     2 * PI * (double)j / (double)shots;
                    e = fmax(e, hypot(p[0] - r * cos(up) * sin(a), p[1] - r * cos(up) * cos(a)) +
                                    fabs(p[2] - r * sin(up)));
                    /* to the next turn, along and across the cone: its pitch times the sine of its slope */
                    most = fmax(most, 2 * PI * (double)1 / (double)shots /
                                          sqrt(pow(2 * PI / (double)shots * 2 * u * u / (2 * u * u + 1), 2) +
                                              (r > 0 ? pow(1 / (r * cos(up)), 2) : 1e9)));
                }
            }
        }
        CHECK(s == t.dim[2]);
        CHECK_NEAR(e, 0, 1e-6);
        CHECK(off >= 0 && off < 1);
        CHECK(most <= 1 && most > 0.9);
        mv_volume_free(T, &t);
    }
}
static void test_rosette_epi(void) {
    mv_volume t = {0};
    mv_rosette_opt o;
    mv_epi_opt p;
    size_t m, s;
    double e = 0;
    memset(&o, 0, sizeof o), memset(&p, 0, sizeof p);
    o.samples = 50, o.shots = 3, o.size = 20, o.petals = 4, o.turns = 3;
    CHECK_OK(mv_traj_rosette(T, &t, &o));
    for (s = 0; s < 3; s++)
        for (m = 0; m < 50; m++) {
            const double x = (double)m / 50, r = 10 * sin(2 * PI * 4 * x),
                         a = 2 * PI * (3 * x + (double)s / 3);
            e = fmax(e, hypot(kat(&t, m, s, 0)[0] - r * sin(a), kat(&t, m, s, 0)[1] - r * cos(a)));
        }
    CHECK_NEAR(e, 0, 1e-11);
    mv_volume_free(T, &t);
    o.petals = NAN;
    refused(mv_traj_rosette(T, &t, &o), MEDVOL_E_RANGE, "petals");
    o.shots = 0;
    refused(mv_traj_rosette(T, &t, &o), MEDVOL_E_EMPTY, "shots");
    p.samples = 8, p.lines = 6, p.centre = 1;
    CHECK_OK(mv_traj_epi(T, &t, &p)); /* evenly: whole numbers, odd echoes back */
    CHECK(t.dim[1] == 8 && t.dim[2] == 6);
    for (e = 0, s = 0; s < 6; s++)
        for (m = 0; m < 8; m++) {
            const double x = s % 2 ? 3 - (double)m : (double)m - 4;
            e = fmax(e, fabs(kat(&t, m, s, 0)[0] - x) + fabs(kat(&t, m, s, 0)[1] - ((double)s - 3)));
        }
    CHECK_NEAR(e, 0, 1e-12);
    mv_volume_free(T, &t);
    p.centre = 0, p.shots = 2, p.first = 1, p.samples = 40, p.size = 16;
    p.up = 100, p.flat = 200, p.down = 50, p.delay = 12, p.dwell = 8;
    CHECK_OK(mv_traj_epi(T, &t, &p));
    CHECK(
        t.dim[2] == 5 && kat(&t, 0, 0, 0)[1] == -2 && kat(&t, 0, 1, 0)[1] == 0 && kat(&t, 0, 3, 0)[1] == -1);
    for (e = 0, m = 0; m < 40; m++) { /* the area by its integral in small steps */
        double a[3] = {0, 0, 0}, x;
        const double until[3] = {12, 12 + 8 * ((double)m + 0.5), 12 + 320};
        size_t i;
        int k;
        for (k = 0; k < 3; k++)
            for (i = 0; i < 4000; i++) {
                const double u = until[k] * ((double)i + 0.5) / 4000, g = u < 100   ? u / 100
                                                                          : u < 300 ? 1
                                                                                    : (350 - u) / 50;
                a[k] += g * until[k] / 4000;
            }
        x = 16 * ((a[1] - a[0]) / (a[2] - a[0]) - 0.5);
        e = fmax(e, fabs(kat(&t, m, 0, 0)[0] - x) + fabs(kat(&t, m, 1, 0)[0] + x));
    }
    CHECK_NEAR(e, 0, 1e-5);
    mv_volume_free(T, &t);
    p.dwell = 9;
    refused(mv_traj_epi(T, &t, &p), MEDVOL_E_RANGE, "dwell");
    p.dwell = 8, p.first = 6;
    refused(mv_traj_epi(T, &t, &p), MEDVOL_E_RANGE, "first");
    p.first = 0, p.up = NAN;
    refused(mv_traj_epi(T, &t, &p), MEDVOL_E_RANGE, "up");
    p.lines = 0;
    refused(mv_traj_epi(T, &t, &p), MEDVOL_E_EMPTY, "lines");
}
static void test_limits(void) { /* a spoke at even speed with one kink */
    mv_volume t;
    mv_gradient_peaks p;
    mv_gradients g;
    const double unit = 1e3 / (42.577478518e6 * 0.2 * 1e-5);
    make_radial(&t, 8, 3, 8, 0, 0, 0);
    memset(&g, 0, sizeof g);
    g.fov = 0.2, g.dwell = 1e-5;
    ((double *)t.data)[3 * (8 * 1 + 4)] += 0.5;
    CHECK_OK(mv_traj_limits(T, &p, &t, &g));
    CHECK(p.gradient_shot == 1 && p.slew_shot == 1 && p.slew_sample == 4);
    CHECK_NEAR(p.gradient, unit * length((double[3]){sin(PI / 3) + 0.5, cos(PI / 3), 0}), 1e-9);
    CHECK_NEAR(p.slew, 1e-3 * unit / 1e-5, 1e-6);
    CHECK_NEAR(p.start, 2e-3 * unit / 1e-5, 1e-6);
    ((double *)t.data)[0] = NAN;
    refused(mv_traj_limits(T, &p, &t, &g), MEDVOL_E_RANGE, "traj");
    CHECK(p.gradient_shot == 1);
    refused(mv_traj_limits(T, NULL, &t, &g), MEDVOL_E_NULL, "peaks");
    mv_volume_free(T, &t);
}

/* ---- shots ---- */
static void test_select(void) {
    static const uint32_t index[4] = {6, 0, 0, 3}, wrong[2] = {0, 7};
    size_t dim[5] = {1, 5, 7, 2, 3}, m, s, c, f;
    mv_volume d = {0}, e = {0}, t, u = {0};
    double angles[7];
    CHECK_OK(mv_volume_alloc(T, &d, MEDVOL_C64, 5, dim));
    for (m = 0; m < 420; m++) ((float *)d.data)[m] = (float)m;
    CHECK_OK(mv_traj_select(T, &e, &d, index, 4));
    CHECK(e.ndim == 5 && e.dim[2] == 4 && e.dim[3] == 2 && e.dim[4] == 3);
    for (f = 0; f < 3; f++)
        for (c = 0; c < 2; c++)
            for (s = 0; s < 4; s++)
                for (m = 0; m < 5; m++)
                    CHECK(((float *)e.data)[2 * (m + 5 * (s + 4 * (c + 2 * f)))] ==
                          ((float *)d.data)[2 * (m + 5 * (index[s] + 7 * (c + 2 * f)))]);
    make_radial(&t, 5, 7, 0, MEDVOL_RADIAL_GOLDEN, 0, 0);
    CHECK_OK(mv_traj_angles(T, angles, &t));
    for (s = 0; s < 7; s++) CHECK_NEAR(angles[s], turned((double)s * 180 / ((1 + sqrt(5)) / 2)), 1e-9);
    CHECK_OK(mv_traj_select(T, &u, &t, index, 4));
    CHECK(memcmp(kat(&u, 0, 3, 0), kat(&t, 0, 3, 0), 15 * 8) == 0 &&
          memcmp(kat(&u, 0, 0, 0), kat(&t, 0, 6, 0), 15 * 8) == 0);
    CHECK_OK(mv_traj_select(T, &t, &t, index, 2)); /* itself: new memory */
    CHECK(t.dim[2] == 2 && memcmp(t.data, u.data, 30 * 8) == 0);
    refused(mv_traj_select(T, &e, &d, wrong, 2), MEDVOL_E_RANGE, "index");
    CHECK(T->error.offset == 1);
    refused(mv_traj_select(T, &e, &d, index, 0), MEDVOL_E_EMPTY, "count");
    refused(mv_traj_select(T, &e, &d, NULL, 1), MEDVOL_E_NULL, "index");
    refused(mv_traj_select(T, &e, NULL, index, 1), MEDVOL_E_NULL, "src");
    memset(t.data, 0, 8 * 30);
    refused(mv_traj_angles(T, angles, &t), MEDVOL_E_SINGULAR, "traj");
    mv_volume_free(T, &d), mv_volume_free(T, &e), mv_volume_free(T, &t), mv_volume_free(T, &u);
}
/* plateaus, infinity; CYCLE without `high` */
static void test_gate_peaks(void) {
    static const double shoulder[11] = {0, 1, 1, 2, 3, 2, 0, 1, 2, 1, 0},
                        flat[12] = {0, 2, 2, 2, 0, 1, 1, NAN, 0, 3, 3, 1},
                        steps[9] = {0, 1, 0, HUGE_VAL, 0, 1, 0, 2, 0}, angle[5] = {30, 119, 120, 299, 29};
    static const uint32_t of_shoulder[11] = {9, 9, 9, 9, 0, 1, 2, 3, 9, 9, 9},
                          of_flat[12] = {9, 0, 0, 1, 1, 2, 2, 9, 3, 9, 9, 9},
                          of_steps[9] = {9, 0, 1, 9, 3, 0, 2, 9, 9}, of_angle[5] = {0, 0, 1, 2, 3};
    uint32_t bin[12];
    size_t i;
    mv_gate_opt o;
    memset(&o, 0, sizeof o);
    o.kind = MEDVOL_GATE_PEAKS;
    CHECK_OK(mv_gate_bins(T, bin, NULL, shoulder, 11, &o));
    for (i = 0; i < 11; i++) CHECK(bin[i] == (of_shoulder[i] == 9 ? MEDVOL_NO_BIN : of_shoulder[i]));
    CHECK_OK(mv_gate_bins(T, bin, NULL, flat, 12, &o));
    for (i = 0; i < 12; i++) CHECK(bin[i] == (of_flat[i] == 9 ? MEDVOL_NO_BIN : of_flat[i]));
    CHECK_OK(mv_gate_bins(T, bin, NULL, steps, 9, &o));
    for (i = 0; i < 9; i++) CHECK(bin[i] == (of_steps[i] == 9 ? MEDVOL_NO_BIN : of_steps[i]));
    refused(mv_gate_bins(T, bin, NULL, flat, 9, &o), MEDVOL_E_SINGULAR, "signal"); /* it does not end */
    o.kind = MEDVOL_GATE_CYCLE, o.low = 30;
    CHECK_OK(mv_gate_bins(T, bin, NULL, angle, 5, &o));
    for (i = 0; i < 5; i++) CHECK(bin[i] == of_angle[i]);
    o.high = NAN;
    refused(mv_gate_bins(T, bin, NULL, angle, 5, &o), MEDVOL_E_RANGE, "high");
    o.kind = MEDVOL_GATE_WIDTH, o.high = 0;
    refused(mv_gate_bins(T, bin, NULL, angle, 5, &o), MEDVOL_E_RANGE, "low");
}
static void test_gate(void) {
    enum { N_SHOTS = 101 };
    double x[N_SHOTS];
    uint32_t bin[N_SHOTS];
    float soft[N_SHOTS * 5];
    size_t count[5] = {0}, i, b;
    mv_gate_opt o;
    memset(&o, 0, sizeof o);
    t_seed(5);
    for (i = 0; i < N_SHOTS; i++) x[i] = t_uniform(-3, 5);
    x[17] = NAN;
    o.bins = 5;
    CHECK_OK(mv_gate_bins(T, bin, soft, x, N_SHOTS, &o));
    for (i = 0; i < N_SHOTS; i++) {
        size_t below = 0, j;
        if (i == 17) { CHECK(bin[i] == MEDVOL_NO_BIN && soft[i * 5] == 0); continue; }
        for (j = 0; j < N_SHOTS; j++) below += x[j] < x[i];
        CHECK(bin[i] == below * 5 / 100 && soft[i * 5 + bin[i]] == 1);
        count[bin[i]]++;
        for (b = 0; b < 5; b++) {
            const double p = ((double)below + 0.5) / 20, d = fmax(0, fmax((double)b - p, p - (double)b - 1));
            CHECK_NEAR((double)soft[i * 5 + b], exp(-4 * d), 1e-6);
        }
    }
    for (b = 0; b < 5; b++) CHECK(count[b] == 20);
    o.kind = MEDVOL_GATE_WIDTH, o.low = -2, o.high = 4;
    CHECK_OK(mv_gate_bins(T, bin, NULL, x, N_SHOTS, &o));
    for (i = 0; i < N_SHOTS; i++)
        CHECK(bin[i] == (x[i] >= -2 && x[i] <= 4 ? (uint32_t)((x[i] + 2) / 6 * 5) : MEDVOL_NO_BIN));
    o.low = o.high = 0;
    CHECK_OK(mv_gate_bins(T, bin, NULL, x, N_SHOTS, &o)); /* least and greatest belong */
    for (i = 0; i < N_SHOTS; i++) CHECK(i == 17 ? bin[i] == MEDVOL_NO_BIN : bin[i] < 5);
    o.kind = MEDVOL_GATE_CYCLE, o.period = 2, o.low = 0.5, o.high = 1;
    CHECK_OK(mv_gate_bins(T, bin, soft, x, N_SHOTS, &o));
    for (i = 0; i < N_SHOTS; i++) {
        const double p = (x[i] - 0.5) / 2, q = 5 * (p - floor(p));
        if (i == 17) continue;
        CHECK(bin[i] == (uint32_t)q);
        for (b = 0; b < 5; b++) {
            double d = 10;
            int turn;
            for (turn = -1; turn < 2; turn++)
                d = fmin(d, fmax(0, fmax((double)b + 5 * turn - q, q - (double)b - 5 * turn - 1)));
            CHECK_NEAR((double)soft[i * 5 + b], exp(-4 * d), 1e-6);
        }
    }
    for (i = 0; i < N_SHOTS; i++) x[i] = cos(2 * PI * (double)i / 20 + 1e-9) + (i == 43 ? 0.2 : 0);
    o.kind = MEDVOL_GATE_PEAKS, o.apart = 8, o.bins = 4;
    CHECK_OK(mv_gate_bins(T, bin, NULL, x, N_SHOTS, &o));
    for (i = 0; i < 20; i++) CHECK(bin[i] == MEDVOL_NO_BIN);
    CHECK(bin[20] == 0 && bin[24] == 0 && bin[25] == 1 && bin[39] == 3 && bin[80] == MEDVOL_NO_BIN);
    for (i = 0; i < N_SHOTS; i++) x[i] = 1;
    refused(mv_gate_bins(T, bin, NULL, x, N_SHOTS, &o), MEDVOL_E_SINGULAR, "signal");
    o.kind = MEDVOL_GATE_WIDTH, o.low = o.high = 0;
    refused(mv_gate_bins(T, bin, NULL, x, N_SHOTS, &o), MEDVOL_E_SINGULAR, "signal");
    o.kind = 0;
    CHECK_OK(mv_gate_bins(T, bin, NULL, x, 1, &o));
    CHECK(bin[0] == 2);
    refused(mv_gate_bins(T, bin, NULL, x, 0, &o), MEDVOL_E_EMPTY, "n");
    refused(mv_gate_bins(T, NULL, NULL, x, 1, &o), MEDVOL_E_NULL, "bin");
    refused(mv_gate_bins(T, bin, NULL, NULL, 1, &o), MEDVOL_E_NULL, "signal");
    o.kind = 4;
    refused(mv_gate_bins(T, bin, NULL, x, 1, &o), MEDVOL_E_RANGE, "kind");
    o.kind = 0, o.bins = 100000;
    refused(mv_gate_bins(T, bin, NULL, x, 1, &o), MEDVOL_E_RANGE, "bins");
    o.bins = 2, o.period = NAN;
    refused(mv_gate_bins(T, bin, NULL, x, 1, &o), MEDVOL_E_RANGE, "period");
    o.period = 0, o.low = NAN;
    refused(mv_gate_bins(T, bin, NULL, x, 1, &o), MEDVOL_E_RANGE, "low");
    o.low = 0, o.decay = -1;
    refused(mv_gate_bins(T, bin, NULL, x, 1, &o), MEDVOL_E_RANGE, "decay");
}
static void test_bin(void) {
    static const uint32_t bin[7] = {1, 0, 1, MEDVOL_NO_BIN, 1, 0, 1}, lone[7] = {0, 0, 0, 0, 0, 2, 0},
                          far_off[7] = {3};
    static const size_t of[3][4] = {{1, 5, 9, 9}, {0, 2, 4, 6}};
    size_t dim[4] = {1, 5, 7, 2}, b, s, m, c;
    mv_volume d = {0}, e = {0}, t, u = {0};
    CHECK_OK(mv_volume_alloc(T, &d, MEDVOL_C64, 4, dim));
    for (m = 0; m < 140; m++) ((float *)d.data)[m] = (float)m + 1;
    make_radial(&t, 5, 7, 0, MEDVOL_RADIAL_GOLDEN, 0, 0);
    CHECK_OK(mv_traj_bin(T, &e, &d, bin, 2, 0));
    CHECK_OK(mv_traj_bin(T, &u, &t, bin, 2, 0));
    CHECK(e.ndim == 5 && e.dim[2] == 4 && e.dim[3] == 2 && e.dim[4] == 2 && u.dim[2] == 4 && u.dim[4] == 2);
    for (b = 0; b < 2; b++)
        for (s = 0; s < 4; s++) {
            const size_t from = of[b][s];
            for (c = 0; c < 2; c++)
                for (m = 0; m < 5; m++)
                    CHECK(((float *)e.data)[2 * (m + 5 * (s + 4 * (c + 2 * b)))] ==
                          (from == 9 ? 0 : ((float *)d.data)[2 * (m + 5 * (from + 7 * c))]));
            CHECK(memcmp(kat(&u, 0, s, b), kat(&t, 0, from == 9 ? 5 : from, 0), 15 * 8) == 0);
        }
    mv_volume_free(T, &e);
    CHECK_OK(mv_traj_bin(T, &e, &d, bin, 2, 6));
    CHECK(e.dim[2] == 6);
    refused(mv_traj_bin(T, &e, &d, bin, 2, 3), MEDVOL_E_RANGE, "shots");
    refused(mv_traj_bin(T, &e, &d, lone, 3, 0), MEDVOL_E_EMPTY, "bin");
    refused(mv_traj_bin(T, &e, &d, far_off, 3, 0), MEDVOL_E_RANGE, "bin");
    refused(mv_traj_bin(T, &e, &d, bin, 0, 0), MEDVOL_E_EMPTY, "bins");
    refused(mv_traj_bin(T, &e, &d, NULL, 1, 0), MEDVOL_E_NULL, "bin");
    refused(mv_traj_bin(T, &e, &e, bin, 2, 0), MEDVOL_E_SHAPE, "src");
    mv_volume_free(T, &d), mv_volume_free(T, &e), mv_volume_free(T, &t), mv_volume_free(T, &u);
}

/* ---- delays ---- */
static void test_delay(void) {
    static const double delay[6] = {0.5, -0.25, 1, 0.125, 0.0625, -0.5};
    mv_volume t = {0}, u = {0};
    mv_koosh_opt o;
    size_t s, m;
    double e = 0, bad[6] = {0, 0, 0, NAN, 0, 0};
    memset(&o, 0, sizeof o);
    o.samples = 9, o.shots = 6, o.size = 18;
    CHECK_OK(mv_traj_koosh(T, &t, &o));
    CHECK_OK(mv_traj_delay(T, &u, &t, delay));
    for (s = 0; s < 6; s++) {
        const double *a = kat(&t, 0, s, 0), *b = kat(&t, 8, s, 0);
        double n[3], l = 0;
        int k;
        for (k = 0; k < 3; k++) n[k] = b[k] - a[k], l += n[k] * n[k];
        for (k = 0; k < 3; k++) n[k] /= sqrt(l);
        for (m = 0; m < 9; m++) {
            const double *p = kat(&t, m, s, 0), *q = kat(&u, m, s, 0);
            e = fmax(e, fabs(q[0] - p[0] - 2 * (0.5 * n[0] + 0.125 * n[1] + 0.0625 * n[2])));
            e = fmax(e, fabs(q[1] - p[1] - 2 * (0.125 * n[0] - 0.25 * n[1] - 0.5 * n[2])));
            e = fmax(e, fabs(q[2] - p[2] - 2 * (0.0625 * n[0] - 0.5 * n[1] + n[2])));
        }
    }
    CHECK_NEAR(e, 0, 1e-12);
    CHECK_OK(mv_traj_delay(T, &t, &t, delay)); /* in place */
    CHECK(memcmp(t.data, u.data, 6 * 9 * 24) == 0);
    refused(mv_traj_delay(T, &u, &t, bad), MEDVOL_E_RANGE, "delay");
    refused(mv_traj_delay(T, &u, &t, NULL), MEDVOL_E_NULL, "delay");
    for (m = 0; m < 9; m++)
        memcpy((double *)t.data + 3 * (9 * 2 + m), "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 24);
    refused(mv_traj_delay(T, &u, &t, delay), MEDVOL_E_SINGULAR, "traj"); /* a shot through one point */
    CHECK(T->error.value == 2);
    mv_volume_free(T, &t), mv_volume_free(T, &u);
}
/* data of the phantom on delayed spokes */
static void delayed(mv_volume *nominal, mv_volume *data, size_t samples, size_t shots, double size, int order,
    double range, int centre, const double *delay, size_t coils) {
    static const size_t shape[3] = {64, 64, 1};
    mv_volume moved = {0};
    mv_radial_opt o;
    mv_phantom_opt p;
    memset(&o, 0, sizeof o), memset(&p, 0, sizeof p), memset(nominal, 0, sizeof *nominal),
        memset(data, 0, sizeof *data);
    o.samples = samples, o.shots = shots, o.size = size, o.order = order, o.range = range, o.centre = centre;
    p.coils = coils;
    CHECK_OK(mv_traj_radial(T, nominal, &o));
    CHECK_OK(mv_traj_delay(T, &moved, nominal, delay));
    CHECK_OK(mv_phantom_samples(T, data, &moved, shape, &p));
    mv_volume_free(T, &moved);
}
static void test_ring(void) {
    static const double sets[][6] = {
        {0.3, -0.2, 0, 0.1, 0, 0}, {-0.7, 0.45, 0, -0.2, 0, 0}, {0, 0, 0, 0, 0, 0}, {1.3, 0.9, 0, 0.3, 0, 0}};
    size_t c;
    for (c = 0; c < 4; c++) {
        mv_volume t, d;
        double got[6] = {9, 9, 9, 9, 9, 9};
        delayed(&t, &d, c == 3 ? 128 : 129, c == 1 ? 20 : 31, 64,
            c == 1 ? MEDVOL_RADIAL_LINEAR : MEDVOL_RADIAL_GOLDEN, 0, (int)(c % 2), sets[c], c == 0 ? 1 : 4);
        CHECK_OK(mv_delay_ring(T, got, &d, &t, NULL));
        CHECK_NEAR(got[0], sets[c][0], 0.01);
        CHECK_NEAR(got[1], sets[c][1], 0.01);
        CHECK_NEAR(got[3], sets[c][3], 0.01);
        CHECK(got[2] == 0 && got[4] == 0 && got[5] == 0);
        mv_volume_free(T, &t), mv_volume_free(T, &d);
    }
}
static void test_opposed(void) {
    static const double sets[][6] = {
        {0.3, -0.2, 0, 0.1, 0, 0}, {-0.4, 0.1, 0, -0.15, 0, 0}, {0, 0, 0, 0, 0, 0}, {0.85, 0.85, 0, 0, 0, 0}};
    size_t c, i;
    for (c = 0; c < 4; c++) {
        mv_volume t, d;
        double got[6] = {9, 9, 9, 9, 9, 9};
        delayed(&t, &d, c == 1 ? 128 : 129, 24, 64, MEDVOL_RADIAL_LINEAR, 360, (int)(c % 2), sets[c],
            c == 0 ? 1 : 3);
        if (c == 2) /* a phase of its own for each spoke: turned by 1 radian and more */
            for (i = 0; i < mv_volume_count(&d); i++) {
                float *p = (float *)d.data + 2 * i, x = p[0];
                const double a = (double)(i / d.dim[1] % 24);
                p[0] = (float)(x * cos(a) - p[1] * sin(a)), p[1] = (float)(x * sin(a) + p[1] * cos(a));
            }
        CHECK_OK(mv_delay_opposed(T, got, &d, &t, NULL));
        CHECK_NEAR(got[0], sets[c][0], 0.01);
        CHECK_NEAR(got[1], sets[c][1], 0.01);
        CHECK_NEAR(got[3], sets[c][3], 0.01);
        mv_volume_free(T, &t), mv_volume_free(T, &d);
    }
}
/* delays that differ by axis, which move opposed spokes across: to any order */
static void test_opposed_across(void) {
    static const double sets[][6] = {{0.5, 0.05, 0, 0.45, 0, 0}, {0.167, -0.991, 0, 0.047, 0, 0},
        {0.5, 0.05, 0, -0.45, 0, 0}, {0.95, -0.4, 0, 0.1, 0, 0}};
    size_t c;
    for (c = 0; c < 4; c++) {
        mv_volume t, d;
        double got[6] = {9, 9, 9, 9, 9, 9};
        delayed(&t, &d, 129, c % 2 ? 24 : 72, 64, MEDVOL_RADIAL_LINEAR, 360, (int)(c % 2), sets[c], 2);
        CHECK_OK(mv_delay_opposed(T, got, &d, &t, NULL));
        CHECK_NEAR(got[0], sets[c][0], c % 2 ? 0.01 : 0.001);
        CHECK_NEAR(got[1], sets[c][1], c % 2 ? 0.01 : 0.001);
        CHECK_NEAR(got[3], sets[c][3], c % 2 ? 0.01 : 0.001);
        mv_volume_free(T, &t), mv_volume_free(T, &d);
    }
}
static void test_delay_errors(void) {
    static const double some[6] = {1.2, 0.8, 0, 0, 0, 0};
    double got[6] = {7, 7, 7, 7, 7, 7};
    mv_volume t, d, u = {0};
    mv_delay_opt o;
    mv_stack_opt s;
    memset(&o, 0, sizeof o), memset(&s, 0, sizeof s);
    delayed(&t, &d, 65, 21, 64, MEDVOL_RADIAL_GOLDEN, 0, 0, some, 2);
    refused(mv_delay_ring(T, NULL, &d, &t, NULL), MEDVOL_E_NULL, "delay");
    refused(mv_delay_ring(T, got, NULL, &t, NULL), MEDVOL_E_NULL, "data");
    refused(mv_delay_ring(T, got, &d, NULL, NULL), MEDVOL_E_NULL, "traj");
    o.most = NAN;
    refused(mv_delay_ring(T, got, &d, &t, &o), MEDVOL_E_RANGE, "most");
    o.most = 0.5;
    refused(mv_delay_ring(T, got, &d, &t, &o), MEDVOL_E_RANGE, "most");
    o.most = 40;
    refused(mv_delay_ring(T, got, &d, &t, &o), MEDVOL_E_SHAPE, "traj");
    o.most = 0, o.tolerance = 46;
    refused(mv_delay_opposed(T, got, &d, &t, &o), MEDVOL_E_RANGE, "tolerance");
    o.tolerance = 1e-6;
    refused(mv_delay_opposed(T, got, &d, &t, &o), MEDVOL_E_SINGULAR, "traj"); /* no opposed ones */
    refused(mv_delay_ring(T, got, &t, &t, NULL), MEDVOL_E_SHAPE, "data");
    ((float *)d.data)[2 * 65 * 3 + 4] = NAN;
    refused(mv_delay_ring(T, got, &d, &t, NULL), MEDVOL_E_RANGE, "data");
    memset(d.data, 0, mv_volume_count(&d) * 8);
    refused(mv_delay_ring(T, got, &d, &t, NULL), MEDVOL_E_SINGULAR, "data");
    s.partitions = 3;
    CHECK_OK(mv_traj_stack(T, &u, &t, &s));
    mv_volume_free(T, &d);
    d = u, d.dtype = MEDVOL_C64, d.owner = NULL, d.nifti = NULL, d.owns_nifti = 0;
    d.dim[0] = 1, d.stride[1] = 1, d.stride[2] = 65;
    refused(mv_delay_ring(T, got, &d, &u, NULL), MEDVOL_E_UNSUPPORTED, "traj");
    mv_volume_free(T, &u), mv_volume_free(T, &t);
    /* two angles do not tell three delays; a spoke alone none */
    delayed(&t, &d, 65, 2, 64, MEDVOL_RADIAL_LINEAR, 0, 0, some, 1);
    refused(mv_delay_ring(T, got, &d, &t, NULL), MEDVOL_E_SINGULAR, "data");
    mv_volume_free(T, &t), mv_volume_free(T, &d);
    delayed(&t, &d, 65, 1, 64, MEDVOL_RADIAL_LINEAR, 0, 0, some, 1);
    refused(mv_delay_ring(T, got, &d, &t, NULL), MEDVOL_E_SINGULAR, "traj");
    mv_volume_free(T, &t), mv_volume_free(T, &d);
    CHECK(got[0] == 7 && got[3] == 7);
}

/* ---- density compensation ---- */
static double sum_of(const mv_volume *w) {
    double s = 0;
    size_t i;
    for (i = 0; i < mv_volume_count(w); i++) s += (double)((const float *)w->data)[i];
    return s;
}
static float at_w(const mv_volume *w, size_t sample, size_t shot) {
    return ((const float *)w->data)[sample + w->dim[1] * shot];
}
static void test_dcf_radial(void) {
    mv_volume t = {0}, w = {0}, a = {0};
    mv_koosh_opt o;
    mv_stack_opt st;
    size_t m, s;
    double e = 0;
    make_radial(&t, 16, 10, 24, 0, 0, 0); /* half steps: |k| dk dtheta exactly */
    CHECK_OK(mv_dcf_radial(T, &w, &t));
    CHECK(w.dtype == MEDVOL_F32 && w.ndim == 3 && w.dim[0] == 1 && w.dim[1] == 16 && w.dim[2] == 10);
    for (s = 0; s < 10; s++)
        for (m = 0; m < 16; m++)
            e = fmax(e, fabs((double)at_w(&w, m, s) - fabs((double)m - 7.5) * 1.5 * 1.5 * PI / 10));
    CHECK_NEAR(e, 0, 1e-5);
    CHECK_NEAR(sum_of(&w), PI * 144, 1e-3);
    CHECK_OK(mv_dcf_angular(T, &a, &t)); /* even angles: the same */
    for (m = 0; m < 160; m++) CHECK_NEAR((double)((float *)a.data)[m], (double)((float *)w.data)[m], 1e-5);
    mv_volume_free(T, &t), mv_volume_free(T, &w), mv_volume_free(T, &a);
    make_radial(&t, 16, 10, 24, 0, 0, 1); /* through the centre: pi (dk / 2)^2 / spokes */
    CHECK_OK(mv_dcf_radial(T, &w, &t));
    CHECK_NEAR((double)at_w(&w, 8, 3), PI * 0.75 * 0.75 / 10, 1e-6);
    CHECK_NEAR((double)at_w(&w, 9, 3), 1.5 * 1.5 * PI / 10, 1e-6);
    mv_volume_free(T, &t), mv_volume_free(T, &w);
    make_radial(&t, 8, 9, 24, MEDVOL_RADIAL_GOLDEN, 1, 1); /* half, from the centre on */
    CHECK_OK(mv_dcf_radial(T, &w, &t));
    CHECK_NEAR((double)at_w(&w, 0, 3), PI * 0.75 * 0.75 / 9, 1e-6);
    CHECK_OK(mv_dcf_angular(T, &a, &t));
    CHECK_NEAR(sum_of(&a), PI * 11.25 * 11.25, 1e-3);
    mv_volume_free(T, &t), mv_volume_free(T, &w), mv_volume_free(T, &a);
    for (s = 0; s < 2; s++) { /* space: shells, the ball of radius size / 2 */
        memset(&o, 0, sizeof o);
        o.samples = 12, o.shots = 40, o.size = 24, o.half = (int)s;
        CHECK_OK(mv_traj_koosh(T, &t, &o));
        CHECK_OK(mv_dcf_radial(T, &w, &t));
        CHECK_NEAR(sum_of(&w), 4 * PI / 3 * 1728, 1e-2);
        if (s) CHECK_NEAR((double)at_w(&w, 4, 7), 4 * PI / 40 * (125 - 64) / 3, 1e-5);
        refused(mv_dcf_angular(T, &a, &t), MEDVOL_E_UNSUPPORTED, "traj");
        mv_volume_free(T, &t), mv_volume_free(T, &w);
    }
    make_radial(&t, 16, 5, 16, MEDVOL_RADIAL_GOLDEN, 0, 0); /* stacks: each partition by itself */
    memset(&st, 0, sizeof st);
    st.partitions = 3, st.turn = 20;
    CHECK_OK(mv_traj_stack(T, &a, &t, &st));
    CHECK_OK(mv_dcf_radial(T, &w, &a));
    CHECK_NEAR(sum_of(&w), 3 * PI * 64, 1e-3);
    CHECK_OK(mv_dcf_angular(T, &w, &a));
    CHECK_NEAR(sum_of(&w), 3 * PI * 64, 1e-3);
    mv_volume_free(T, &t), mv_volume_free(T, &w), mv_volume_free(T, &a);
}
static void test_dcf_angular(void) {
    static const double angles[] = {0, 30, 180, 50, 179.99999999999, 360, 100}; /* four are one */
    static const double want[] = {
        0.25 * (15 + 40), 25, 0.25 * (15 + 40), 35, 0.25 * (15 + 40), 0.25 * (15 + 40), 65};
    mv_volume t, w = {0};
    mv_radial_opt o;
    size_t s, m;
    make_radial(&t, 8, 7, 8, 0, 0, 0);
    for (s = 0; s < 7; s++)
        for (m = 0; m < 8; m++) {
            double *k = (double *)t.data + 3 * (m + 8 * s);
            const double r = (double)m - 3.5, a = angles[s] * PI / 180;
            k[0] = r * sin(a), k[1] = r * cos(a);
        }
    CHECK_OK(mv_dcf_angular(T, &w, &t));
    for (s = 0; s < 7; s++) CHECK_NEAR((double)at_w(&w, 7, s), 3.5 * want[s] * PI / 180, 1e-5);
    CHECK_NEAR(sum_of(&w), PI * 16, 1e-4);
    mv_volume_free(T, &t), mv_volume_free(T, &w);
    make_radial(&t, 8, 1, 8, 0, 0, 0); /* one spoke has it all */
    CHECK_OK(mv_dcf_angular(T, &w, &t));
    CHECK_NEAR(sum_of(&w), PI * 16, 1e-4);
    mv_volume_free(T, &w);
    CHECK_OK(mv_dcf_radial(T, &w, &t));
    CHECK_NEAR(sum_of(&w), PI * 16, 1e-4);
    mv_volume_free(T, &t), mv_volume_free(T, &w);
    memset(&o, 0, sizeof o), memset(&t, 0, sizeof t); /* frames by themselves */
    o.samples = 8, o.shots = 5, o.frames = 3, o.order = MEDVOL_RADIAL_GOLDEN;
    CHECK_OK(mv_traj_radial(T, &t, &o));
    CHECK_OK(mv_dcf_angular(T, &w, &t));
    CHECK(w.ndim == 5 && w.dim[4] == 3);
    CHECK_NEAR(sum_of(&w), 3 * PI * 16, 1e-3);
    /* what is no spoke */
    ((double *)t.data)[3 * (8 * 6 + 3)] += 0.5;
    refused(mv_dcf_angular(T, &w, &t), MEDVOL_E_RANGE, "traj");
    CHECK(strstr(T->error.text, "shot 1, frame 1") && strstr(T->error.text, "straight"));
    mv_volume_free(T, &t);
    make_radial(&t, 8, 2, 8, 0, 0, 0);
    for (m = 0; m < 8; m++) ((double *)t.data)[3 * m] += 3;
    refused(mv_dcf_radial(T, &w, &t), MEDVOL_E_RANGE, "traj");
    CHECK(strstr(T->error.text, "centre") != NULL);
    for (m = 0; m < 8; m++) ((double *)t.data)[3 * m] = ((double *)t.data)[3 * m + 1] = 0;
    refused(mv_dcf_radial(T, &w, &t), MEDVOL_E_SINGULAR, "traj");
    mv_volume_free(T, &t);
    make_radial(&t, 1, 2, 8, 0, 0, 0);
    refused(mv_dcf_radial(T, &w, &t), MEDVOL_E_SHAPE, "traj");
    refused(mv_dcf_radial(T, NULL, &t), MEDVOL_E_SHAPE, "traj");
    refused(mv_dcf_radial(T, &w, NULL), MEDVOL_E_NULL, "traj");
    mv_volume_free(T, &t), mv_volume_free(T, &w);
}
static void test_dcf_angular_wrap(void) { /* equal through the end of the range; all equal */
    static const double angles[3][4] = {
        {0, 180 - 2.9e-6, 60, 100}, {180 - 2e-6, 0, 2e-6, 90}, {0, 180 - 1e-6, 1e-6, 180}};
    static const double want[3][4] = {{35, 35, 50, 60}, {30, 30, 30, 90}, {45, 45, 45, 45}};
    size_t c, s, m;
    for (c = 0; c < 3; c++) {
        mv_volume t, w = {0};
        make_radial(&t, 8, 4, 8, 0, 0, 0);
        for (s = 0; s < 4; s++)
            for (m = 0; m < 8; m++) {
                double *k = (double *)t.data + 3 * (m + 8 * s);
                const double r = (double)m - 3.5, a = angles[c][s] * PI / 180;
                k[0] = r * sin(a), k[1] = r * cos(a);
            }
        CHECK_OK(mv_dcf_angular(T, &w, &t));
        for (s = 0; s < 4; s++) CHECK_NEAR((double)at_w(&w, 7, s), 3.5 * want[c][s] * PI / 180, 1e-5);
        CHECK_NEAR(sum_of(&w), PI * 16, 1e-4);
        mv_volume_free(T, &t), mv_volume_free(T, &w);
    }
}
static void test_dcf_cells(void) {
    static const double points[7][3] = {
        {0, 0, 0}, {0.4, -0.3, 0}, {1, 0, 0}, {-0.5, 0, 0}, {2.6, 3, 0}, {2.6, 3, 0}, {0, 0.5, 0}};
    static const double want[7] = {1. / 3, 1. / 3, 1, 1. / 3, 0.5, 0.5, 1}; /* -0.5 belongs to 0, 0.5 to 1 */
    size_t dim[3] = {3, 7, 1}, i;
    mv_volume t = {0}, w = {0};
    CHECK_OK(mv_volume_alloc(T, &t, MEDVOL_F64, 3, dim));
    memcpy(t.data, points, sizeof points);
    CHECK_OK(mv_dcf_cells(T, &w, &t, 0));
    for (i = 0; i < 7; i++) CHECK_NEAR((double)((float *)w.data)[i], want[i], 1e-6);
    CHECK_NEAR(sum_of(&w), 4, 1e-6);
    CHECK_OK(mv_dcf_cells(T, &w, &t, 10));
    CHECK_NEAR(sum_of(&w), 100, 1e-4);
    ((double *)t.data)[2] = 30;
    CHECK_OK(mv_dcf_cells(T, &w, &t, 10)); /* space */
    CHECK_NEAR(sum_of(&w), 2000, 1e-3);
    refused(mv_dcf_cells(T, &w, &t, NAN), MEDVOL_E_RANGE, "width");
    refused(mv_dcf_cells(T, &w, &t, 1e-5), MEDVOL_E_RANGE, "traj");
    refused(mv_dcf_cells(T, &t, &t, 1), MEDVOL_E_ALIAS, "dst");
    mv_volume_free(T, &t), mv_volume_free(T, &w);
}
/* areas by counting fine points nearest to each sample */
static void nearest_areas(
    double *area, const double *k, size_t n, double lo, double hi, size_t fine, double radius) {
    size_t i, x, y;
    for (i = 0; i < n; i++) area[i] = 0;
    for (y = 0; y < fine; y++)
        for (x = 0; x < fine; x++) {
            const double px = lo + (hi - lo) * ((double)x + 0.5) / (double)fine,
                         py = lo + (hi - lo) * ((double)y + 0.5) / (double)fine;
            double best = HUGE_VAL;
            size_t at = 0, same = 0;
            if (radius > 0 && px * px + py * py > radius * radius) continue;
            for (i = 0; i < n; i++) {
                const double d =
                    (k[3 * i] - px) * (k[3 * i] - px) + (k[3 * i + 1] - py) * (k[3 * i + 1] - py);
                if (d < best) best = d, at = i, same = 1;
            }
            (void)same;
            area[at] += (hi - lo) * (hi - lo) / (double)(fine * fine);
        }
}
static void test_voronoi(void) {
    size_t dim[3] = {3, 60, 1}, i, j;
    mv_volume t = {0}, w = {0};
    mv_voronoi_opt o;
    double area[60], e = 0;
    memset(&o, 0, sizeof o);
    CHECK_OK(mv_volume_alloc(T, &t, MEDVOL_F64, 3, dim));
    t_seed(3);
    for (i = 0; i < 60; i++) {
        double *k = (double *)t.data + 3 * i;
        k[0] = t_uniform(-4, 4), k[1] = t_uniform(-4, 4), k[2] = 1;
    }
    o.bound = MEDVOL_BOUND_BOX, o.box[0] = o.box[1] = 8;
    CHECK_OK(mv_dcf_voronoi(T, &w, &t, &o));
    CHECK_NEAR(sum_of(&w), 64, 1e-4);
    nearest_areas(area, (double *)t.data, 60, -4, 4, 400, 0);
    for (i = 0; i < 60; i++) e = fmax(e, fabs(area[i] - (double)((float *)w.data)[i]));
    CHECK_NEAR(e, 0, 0.03);
    o.bound = MEDVOL_BOUND_CIRCLE, o.radius = 3; /* some lie outside */
    CHECK_OK(mv_dcf_voronoi(T, &w, &t, &o));
    CHECK_NEAR(sum_of(&w), 9 * PI, 1e-4);
    nearest_areas(area, (double *)t.data, 60, -4, 4, 400, 3);
    for (e = 0, i = 0; i < 60; i++) e = fmax(e, fabs(area[i] - (double)((float *)w.data)[i]));
    CHECK_NEAR(e, 0, 0.03);
    o.bound = MEDVOL_BOUND_HULL; /* its area by gift wrapping */
    CHECK_OK(mv_dcf_voronoi(T, &w, &t, &o));
    {
        const double *k = (double *)t.data;
        size_t first = 0, at, next;
        double hull = 0;
        for (i = 1; i < 60; i++)
            if (k[3 * i] < k[3 * first]) first = i;
        at = first;
        do {
            next = at == 0 ? 1 : 0;
            for (j = 0; j < 60; j++)
                if ((k[3 * next] - k[3 * at]) * (k[3 * j + 1] - k[3 * at + 1]) -
                        (k[3 * next + 1] - k[3 * at + 1]) * (k[3 * j] - k[3 * at]) < 0)
                    next = j;
            hull += 0.5 * (k[3 * at] * k[3 * next + 1] - k[3 * at + 1] * k[3 * next]);
            at = next;
        } while (at != first);
        CHECK_NEAR(sum_of(&w), hull, 1e-4);
    }
    /* duplicates share; two samples halve the box; collinear ones cut it in strips; all equal share it all */
    for (i = 0; i < 60; i++) {
        double *k = (double *)t.data + 3 * i;
        k[0] = (double)(i % 3) - 1, k[1] = 0;
    }
    o.bound = MEDVOL_BOUND_BOX;
    CHECK_OK(mv_dcf_voronoi(T, &w, &t, &o));
    for (i = 0; i < 60; i++) CHECK_NEAR((double)((float *)w.data)[i], (i % 3 == 1 ? 8 : 28) / 20., 1e-5);
    o.bound = MEDVOL_BOUND_HULL;
    refused(mv_dcf_voronoi(T, &w, &t, &o), MEDVOL_E_SINGULAR, "traj");
    for (i = 0; i < 60; i++) ((double *)t.data)[3 * i] = 0.25;
    refused(mv_dcf_voronoi(T, &w, &t, &o), MEDVOL_E_SINGULAR, "traj");
    o.bound = MEDVOL_BOUND_CIRCLE, o.radius = 2;
    CHECK_OK(mv_dcf_voronoi(T, &w, &t, &o));
    for (i = 0; i < 60; i++) CHECK_NEAR((double)((float *)w.data)[i], 4 * PI / 60, 1e-6);
    for (i = 0; i < 60; i++) ((double *)t.data)[3 * i] = 0;
    o.radius = 0;
    refused(mv_dcf_voronoi(T, &w, &t, &o), MEDVOL_E_SINGULAR, "traj");
    ((double *)t.data)[8] = 0.5;
    refused(mv_dcf_voronoi(T, &w, &t, &o), MEDVOL_E_UNSUPPORTED, "traj");
    o.radius = NAN;
    refused(mv_dcf_voronoi(T, &w, &t, &o), MEDVOL_E_RANGE, "radius");
    o.radius = 0, o.box[1] = -1;
    refused(mv_dcf_voronoi(T, &w, &t, &o), MEDVOL_E_RANGE, "box");
    o.bound = 3;
    refused(mv_dcf_voronoi(T, &w, &t, &o), MEDVOL_E_RANGE, "bound");
    mv_volume_free(T, &t), mv_volume_free(T, &w);
}
static void test_voronoi_spokes(void) { /* against the angular weights; many on one circle; large cells */
    mv_volume t, w = {0}, a = {0};
    mv_voronoi_opt o;
    size_t i, s;
    double e = 0;
    memset(&o, 0, sizeof o);
    make_radial(&t, 32, 89, 32, MEDVOL_RADIAL_GOLDEN, 0, 0);
    CHECK_OK(mv_dcf_voronoi(T, &w, &t, NULL));
    CHECK_OK(mv_dcf_angular(T, &a, &t));
    CHECK_NEAR(sum_of(&w), PI * 256, 1e-3);
    for (s = 0; s < 89; s++)
        for (i = 0; i < 30;
             i++) /* spokes of golden angles interleave: areas of middle samples agree roughly */
            if (fabs((double)i - 15.5) > 2 && fabs((double)i - 15.5) < 14)
                e = fmax(e, fabs((double)at_w(&w, i, s) / (double)at_w(&a, i, s) - 1));
    CHECK(e < 0.05);
    mv_volume_free(T, &t), mv_volume_free(T, &w), mv_volume_free(T, &a);
    make_radial(&t, 2, 1500, 4, 0, 1, 1); /* a centre with 1500 neighbours, all of a circle */
    CHECK_OK(mv_dcf_voronoi(T, &w, &t, NULL));
    CHECK_NEAR((double)at_w(&w, 0, 7), PI * 0.25 / 1500, 1e-8);
    CHECK_NEAR((double)at_w(&w, 1, 7), PI * 2 / 1500, 1e-7);
    mv_volume_free(T, &t), mv_volume_free(T, &w);
    make_radial(&t, 9, 12, 16, 0, 0, 1);
    o.bound = MEDVOL_BOUND_HULL;
    CHECK_OK(mv_dcf_voronoi(T, &w, &t, &o));
    o.bound = MEDVOL_BOUND_BOX; /* grid points: cells are squares */
    mv_volume_free(T, &t), mv_volume_free(T, &w);
    {
        size_t dim[3] = {3, 16, 12};
        memset(&t, 0, sizeof t);
        CHECK_OK(mv_volume_alloc(T, &t, MEDVOL_F64, 3, dim));
        for (s = 0; s < 12; s++)
            for (i = 0; i < 16; i++) {
                double *k = (double *)t.data + 3 * (i + 16 * s);
                k[0] = (double)i - 7.5, k[1] = (double)s - 5.5, k[2] = 0;
            }
        CHECK_OK(mv_dcf_voronoi(T, &w, &t, &o));
        for (i = 0; i < 192; i++) CHECK_NEAR((double)((float *)w.data)[i], 1, 1e-5);
        mv_volume_free(T, &t), mv_volume_free(T, &w);
    }
}

static size_t looked; /* at progress */
static int look(void *user, double done, double total, const char *label) {
    (void)user;
    CHECK(done >= 0 && done <= total && label && label[0]);
    looked++;
    return 0;
}
/* long thin cells: strips that only far samples end, of which a look at all within reach would take minutes;
   progress comes between */
static void test_voronoi_thin(void) {
    mv_ctx_desc was = T->desc;
    mv_volume t, w = {0};
    size_t spokes, i;
    for (spokes = 1; spokes < 5; spokes++) {
        mv_radial_opt o;
        double e = 0;
        memset(&o, 0, sizeof o), memset(&t, 0, sizeof t);
        o.samples = 6000, o.shots = spokes, o.start = 7;
        CHECK_OK(mv_traj_radial(T, &t, &o));
        looked = 0;
        T->desc.progress = look;
        CHECK_OK(mv_dcf_voronoi(T, &w, &t, NULL));
        T->desc = was;
        CHECK(looked > spokes);
        CHECK_NEAR(sum_of(&w) / (PI * 9e6), 1, 1e-6);
        for (i = 0; i < 6000 && spokes > 1; i++) { /* strips between bisectors, where the circle is far */
            const double r = fabs((double)i - 2999.5), half = r * tan(PI / 2 / (double)spokes);
            if (r > 2 && hypot(r + 1, (r + 1) * tan(PI / 2 / (double)spokes)) < 2999)
                e = fmax(e, fabs((double)at_w(&w, i, 0) / (2 * half) - 1));
        }
        CHECK_NEAR(e, 0, 1e-5);
        mv_volume_free(T, &t), mv_volume_free(T, &w);
    }
}
/* the region is that of the samples, to their own digits; what has no area is refused */
static void test_voronoi_region(void) {
    size_t dim[3] = {3, 1, 200}, i, b;
    mv_volume t = {0}, w = {0};
    mv_voronoi_opt o;
    double *k, x = 0, y = 0, hull;
    memset(&o, 0, sizeof o);
    CHECK_OK(mv_volume_alloc(T, &t, MEDVOL_F64, 3, dim));
    k = (double *)t.data;
    t_seed(11);
    for (i = 0; i < 200; i++) {
        k[3 * i] = t_uniform(3, 3.001), k[3 * i + 1] = t_uniform(0, 0.001), k[3 * i + 2] = 0;
        x = fmax(x, k[3 * i]), y = fmax(y, k[3 * i + 1]);
    }
    o.bound = MEDVOL_BOUND_BOX;
    CHECK_OK(mv_dcf_voronoi(T, &w, &t, &o));
    CHECK_NEAR(sum_of(&w) / (4 * x * y), 1, 1e-6);
    for (i = 0; i < 4; i++) /* the corners of a rectangle */
        k[3 * i] = 3 + (double)(i % 2) * 1.23456789e-3, k[3 * i + 1] = (double)(i / 2) * 1.1e-3;
    o.bound = MEDVOL_BOUND_HULL;
    hull = 1.23456789e-3 * 1.1e-3;
    CHECK_OK(mv_dcf_voronoi(T, &w, &t, &o));
    CHECK_NEAR(sum_of(&w) / hull, 1, 1e-6);
    for (i = 0; i < 200; i++) k[3 * i] = 0.3 * (double)i, k[3 * i + 1] = 0.7 * (double)i; /* a line */
    refused(mv_dcf_voronoi(T, &w, &t, &o), MEDVOL_E_SINGULAR, "traj");
    for (b = 0; b < 3; b++) { /* on an axis; in a point; in the centre */
        o.bound = (int)b;
        for (i = 0; i < 200; i++) k[3 * i] = (double)i, k[3 * i + 1] = 0;
        if (b == 0) CHECK_OK(mv_dcf_voronoi(T, &w, &t, &o));
        else refused(mv_dcf_voronoi(T, &w, &t, &o), MEDVOL_E_SINGULAR, "traj");
        for (i = 0; i < 200; i++) k[3 * i] = 3, k[3 * i + 1] = 2;
        if (b == 2) refused(mv_dcf_voronoi(T, &w, &t, &o), MEDVOL_E_SINGULAR, "traj");
        else {
            CHECK_OK(mv_dcf_voronoi(T, &w, &t, &o));
            CHECK_NEAR(sum_of(&w), b ? 24 : 13 * PI, 1e-4);
        }
        for (i = 0; i < 200; i++) k[3 * i] = k[3 * i + 1] = 0;
        refused(mv_dcf_voronoi(T, &w, &t, &o), MEDVOL_E_SINGULAR, "traj");
    }
    mv_volume_free(T, &t), mv_volume_free(T, &w);
}

/* ---- the same bits with any number of threads; stopped on the way ---- */
static void everything(mv_ctx *c, mv_volume *v, double *numbers, int *stopped, int *calls) {
    static const size_t shape[3] = {40, 40, 1};
    static const uint32_t bin[9] = {0, 1, 0, 1, 1, 1, 0, 0, 1};
    static const double delay[6] = {0.1, 0.2, 0, 0, 0, 0};
    mv_volume t = {0}, d = {0};
    mv_radial_opt r;
    mv_koosh_opt k;
    mv_stack_opt s;
    mv_spiral_opt o;
    mv_cones_opt n;
    mv_rosette_opt q;
    mv_epi_opt e;
    mv_phantom_opt p;
    mv_status st[17];
    int i = 0, j;
    memset(&r, 0, sizeof r), memset(&k, 0, sizeof k), memset(&s, 0, sizeof s), memset(&o, 0, sizeof o);
    memset(&n, 0, sizeof n), memset(&q, 0, sizeof q), memset(&e, 0, sizeof e), memset(&p, 0, sizeof p);
    r.samples = 80, r.shots = 9, r.size = 40, r.order = MEDVOL_RADIAL_GOLDEN;
    k.samples = 80, k.shots = 9, s.partitions = 3, o.shots = 5, o.size = 16, n.size = 6,
    n.limits.dwell = 1e-5;
    q.samples = 40, q.shots = 7, q.size = 9, e.samples = 20, e.lines = 9, p.coils = 3;
    CHECK_OK(mv_traj_radial(T_NONE, &t, &r));
    CHECK_OK(mv_phantom_samples(T_NONE, &d, &t, shape, &p));
    st[i] = mv_traj_radial(c, &v[i], &r), i++;
    st[i] = mv_traj_koosh(c, &v[i], &k), i++;
    st[i] = mv_traj_stack(c, &v[i], &t, &s), i++;
    st[i] = mv_traj_spiral(c, &v[i], &o), i++;
    st[i] = mv_traj_cones(c, &v[i], &n), i++;
    st[i] = mv_traj_rosette(c, &v[i], &q), i++;
    st[i] = mv_traj_epi(c, &v[i], &e), i++;
    st[i] = mv_traj_convert(c, &v[i], &t, 0, 1, shape, NULL), i++;
    st[i] = mv_traj_delay(c, &v[i], &t, delay), i++;
    st[i] = mv_traj_bin(c, &v[i], &d, bin, 2, 0), i++;
    st[i] = mv_dcf_radial(c, &v[i], &t), i++;
    st[i] = mv_dcf_angular(c, &v[i], &t), i++;
    st[i] = mv_dcf_cells(c, &v[i], &t, 1), i++;
    st[i] = mv_dcf_voronoi(c, &v[i], &t, NULL), i++;
    st[i] = mv_phantom_samples(c, &v[i], &t, shape, &p), i++;
    st[i] = mv_traj_select(c, &v[i], &d, bin, 9), i++;
    st[i++] = mv_delay_ring(c, numbers, &d, &t, NULL);
    *calls = i;
    for (*stopped = j = 0; j < i; j++) {
        if (st[j] == MEDVOL_E_CANCELLED) *stopped += 1;
        else CHECK_OK(st[j]);
    }
    mv_volume_free(T_NONE, &t), mv_volume_free(T_NONE, &d);
}
static void test_threads(void) {
    mv_volume a[17], b[17];
    double x[6], y[6];
    int i, stopped, calls;
    memset(a, 0, sizeof a), memset(b, 0, sizeof b);
    everything(T, a, x, &stopped, &calls);
    everything(T_NONE, b, y, &stopped, &calls);
    CHECK(stopped == 0 && memcmp(x, y, sizeof x) == 0);
    for (i = 0; i < calls - 1; i++) {
        const size_t bytes = mv_volume_count(&a[i]) * mv_dtype_size(a[i].dtype);
        CHECK(mv_volume_count(&b[i]) == mv_volume_count(&a[i]) && bytes > 0);
        if (mv_volume_count(&b[i]) == mv_volume_count(&a[i])) CHECK(memcmp(a[i].data, b[i].data, bytes) == 0);
        mv_volume_free(T, &a[i]), mv_volume_free(T_NONE, &b[i]);
    }
}
static int stop_at; /* looks at progress until it is */
static int stop(void *user, double done, double total, const char *label) {
    (void)user;
    CHECK(done >= 0 && done <= total && label && label[0]);
    return --stop_at <= 0;
}
static void test_cancel(void) { /* at the first look, then at a later one: nothing is left behind */
    mv_ctx_desc was = T->desc;
    mv_volume v[17];
    double x[6] = {5, 5, 5, 5, 5, 5};
    int i, stopped, calls, at;
    for (at = 1; at < 3; at++) {
        memset(v, 0, sizeof v);
        T->desc.progress = stop;
        stop_at = at;
        everything(T, v, x, &stopped, &calls);
        T->desc = was;
        if (at == 1) CHECK(stopped == calls && x[0] == 5);
        for (i = 0; i < calls - 1; i++) {
            if (at == 1) CHECK(v[i].data == NULL);
            mv_volume_free(T, &v[i]);
        }
    }
}

const t_case tests_traj[] = {
    {"bart", test_bart, 0},
    {"bart_phantom", test_bart_phantom, 0},
    {"radial", test_radial, 0},
    {"radial_errors", test_radial_errors, 0},
    {"convert", test_convert, 0},
    {"phantom", test_phantom, 0},
    {"phantom_any", test_phantom_any, 0},
    {"koosh", test_koosh, 0},
    {"stack", test_stack, 0},
    {"spiral", test_spiral, 0},
    {"spiral_errors", test_spiral_errors, 0},
    {"cones", test_cones, 0},
    {"cones_turns", test_cones_turns, 0},
    {"rosette_epi", test_rosette_epi, 0},
    {"limits", test_limits, 0},
    {"select", test_select, 0},
    {"gate", test_gate, 0},
    {"gate_peaks", test_gate_peaks, 0},
    {"bin", test_bin, 0},
    {"delay", test_delay, 0},
    {"ring", test_ring, 0},
    {"opposed", test_opposed, 0},
    {"opposed_across", test_opposed_across, 0},
    {"delay_errors", test_delay_errors, 0},
    {"dcf_radial", test_dcf_radial, 0},
    {"dcf_angular", test_dcf_angular, 0},
    {"dcf_angular_wrap", test_dcf_angular_wrap, 0},
    {"dcf_cells", test_dcf_cells, 0},
    {"voronoi", test_voronoi, 0},
    {"voronoi_spokes", test_voronoi_spokes, 0},
    {"voronoi_thin", test_voronoi_thin, 0},
    {"voronoi_region", test_voronoi_region, 0},
    {"threads", test_threads, 0},
    {"cancel", test_cancel, 0},
    {0},
};
