/* test_farneback.c - flow by expansions in quadratic polynomials: against an oracle that knows nothing of
   separable filters, on quadratic images, and with warps that need all levels. (test_flow.c has the rest.) */
#include "test.h"

typedef struct frame { /* images, the field before and after, and how */
    size_t nx, ny;
    double *f, *g, *u[2];
    int poly_n, window, box;
    double sigma;
} frame;
/* solves m x = b of n unknowns, in place */
static void solve(double *m, double *b, int n) {
    int i, j, k, p;
    for (i = 0; i < n; i++) {
        for (p = i, k = i + 1; k < n; k++)
            if (fabs(m[k * n + i]) > fabs(m[p * n + i])) p = k;
        for (j = 0; j < n; j++) {
            const double was = m[i * n + j];
            m[i * n + j] = m[p * n + j], m[p * n + j] = was;
        }
        {
            const double was = b[i];
            b[i] = b[p], b[p] = was;
        }
        for (k = i + 1; k < n; k++) {
            const double q = m[k * n + i] / m[i * n + i];
            for (j = i; j < n; j++) m[k * n + j] -= q * m[i * n + j];
            b[k] -= q * b[i];
        }
    }
    for (i = n - 1; i >= 0; i--) {
        for (j = i + 1; j < n; j++) b[i] -= m[i * n + j] * b[j];
        b[i] /= m[i * n + i];
    }
}
/* 1, x, y, xx, yy, xy in least squares about (x, y), of what is within the image; e: 6 a pixel */
static void expand(double *e, const frame *t, const double *f) {
    const int k = t->poly_n / 2, nx = (int)t->nx, ny = (int)t->ny;
    int x, y, i, j, a, c;
    for (y = 0; y < ny; y++)
        for (x = 0; x < nx; x++) {
            double m[36] = {0}, *b = e + 6 * (y * nx + x);
            memset(b, 0, 6 * sizeof *b);
            for (j = -k; j <= k; j++)
                for (i = -k; i <= k; i++) {
                    const double w = exp(-(double)(i * i + j * j) / (2 * t->sigma * t->sigma));
                    const double basis[6] = {1, i, j, i * i, j * j, i * j};
                    if (x + i < 0 || x + i >= nx || y + j < 0 || y + j >= ny) continue;
                    for (a = 0; a < 6; a++) {
                        for (c = 0; c < 6; c++) m[6 * a + c] += w * basis[a] * basis[c];
                        b[a] += w * basis[a] * f[(y + j) * nx + x + i];
                    }
                }
            solve(m, b, 6);
        }
}
/* noise of slope and curvature of a parabola through the places beside x of n, against that in the middle */
static double trust(const frame *t, int n, int x) {
    const int k = t->poly_n / 2;
    double noise[2][2] = {{0, 0}, {0, 0}}, least;
    int turn, i, j, a, c;
    for (turn = 0; turn < 2; turn++) {
        const int lo = turn && x < k ? -x : -k, hi = turn && n - 1 - x < k ? n - 1 - x : k;
        for (i = lo; i <= hi; i++) {
            double m[9] = {0}, b[3];
            const double one[3] = {1, i, i * i}, w = exp(-i * i / (2 * t->sigma * t->sigma));
            for (j = lo; j <= hi; j++) {
                const double basis[3] = {1, j, j * j};
                for (a = 0; a < 3; a++)
                    for (c = 0; c < 3; c++)
                        m[3 * a + c] += exp(-j * j / (2 * t->sigma * t->sigma)) * basis[a] * basis[c];
            }
            for (a = 0; a < 3; a++) b[a] = w * one[a];
            solve(m, b, 3);
            noise[turn][0] += b[1] * b[1], noise[turn][1] += b[2] * b[2];
        }
    }
    if (k == 1 && (x == 0 || x == n - 1)) return 0; /* two make no parabola */
    least = fmin(noise[0][0] / noise[1][0], noise[0][1] / noise[1][1]);
    return fmin(1, least);
}
static void step_of(const frame *t, const double *ef, const double *eg) {
    const int nx = (int)t->nx, ny = (int)t->ny, r = t->window / 2, k = t->poly_n / 2;
    double *s = (double *)calloc(t->nx * t->ny * 8, sizeof *s), *to[2], tx[2000], ty[2000];
    int x, y, i, j, c;
    if (!CHECK(s != NULL) || !CHECK(nx <= 2000 && ny <= 2000)) exit(1);
    to[0] = s + 5 * nx * ny, to[1] = to[0] + nx * ny;
    for (x = 0; x < nx; x++) tx[x] = trust(t, nx, x);
    for (y = 0; y < ny; y++) ty[y] = trust(t, ny, y);
    for (y = 0; y < ny; y++)
        for (x = 0; x < nx; x++) {
            const int at = y * nx + x;
            const double u = t->u[0][at], v = t->u[1][at], px = x + u, py = y + v;
            const double *e = ef + 6 * at;
            double m[6], p, q, z, b0, b1, w, *o = s + 5 * at;
            int ix, iy;
            if (!(px >= 0 && px <= nx - 1 && py >= 0 && py <= ny - 1)) continue;
            ix = (int)px < nx - 2 ? (int)px : nx - 2;
            iy = (int)py < ny - 2 ? (int)py : ny - 2;
            for (c = 0; c < 6; c++) {
                const double *a = eg + 6 * (iy * nx + ix) + c, fx = px - ix, fy = py - iy;
                m[c] = (1 - fy) * ((1 - fx) * a[0] + fx * a[6]) +
                       fy * ((1 - fx) * a[6 * nx] + fx * a[6 * nx + 6]);
            }
            p = e[3] + m[3], z = e[4] + m[4], q = (e[5] + m[5]) / 2; /* twice the mean A */
            b0 = e[1] - m[1] + p * u + q * v, b1 = e[2] - m[2] + q * u + z * v;
            w = tx[x] * ty[y] * tx[(int)fmin(fmin(px, nx - 1 - px), k)] *
                ty[(int)fmin(fmin(py, ny - 1 - py), k)];
            o[0] = w * (p * p + q * q), o[1] = w * q * (p + z), o[2] = w * (q * q + z * z);
            o[3] = w * (p * b0 + q * b1), o[4] = w * (q * b0 + z * b1);
        }
    for (y = 0; y < ny; y++)
        for (x = 0; x < nx; x++) {
            const int at = y * nx + x;
            double g[5] = {0}, all = 0, m[4], b[2], keep;
            for (j = -r; j <= r; j++)
                for (i = -r; i <= r; i++) {
                    const double d = t->window / 5.0, w = t->box ? 1 : exp(-(i * i + j * j) / (2 * d * d));
                    all += w;
                    if (x + i < 0 || x + i >= nx || y + j < 0 || y + j >= ny) continue;
                    for (c = 0; c < 5; c++) g[c] += w * s[5 * (at + j * nx + i) + c];
                }
            for (c = 0; c < 5; c++) g[c] /= all;
            keep = 1e-3 * (g[0] + g[2]) + 1e-2;
            m[0] = g[0] + keep, m[1] = m[2] = g[1], m[3] = g[2] + keep;
            for (c = 0; c < 2; c++) b[c] = g[3 + c] + keep * t->u[c][at];
            solve(m, b, 2);
            for (c = 0; c < 2; c++)
                to[c][at] = t->u[c][at] + fmax(fmin(b[c] - t->u[c][at], r + 1), -(r + 1));
        }
    for (c = 0; c < 2; c++) memcpy(t->u[c], to[c], t->nx * t->ny * sizeof(double));
    free(s);
}
static double shade(double x, double y) {
    return 100 + 40 * sin(0.5 * x + 0.4 * sin(0.2 * y)) * sin(0.45 * y) + 25 * sin(0.21 * x + 0.3 * y) +
           10 * cos(0.9 * x - 0.2 * y);
}
static void moved(double x, double y, double *u) {
    u[0] = 1.1 + 0.8 * sin(0.05 * y), u[1] = -0.7 + 0.9 * cos(0.04 * x + 0.01 * y);
}
/* both images, and the field from the call and from the oracle */
static void against(size_t nx, size_t ny, int poly_n, double sigma, int window, int box, int rounds) {
    const size_t dim[2] = {nx, ny}, n = nx * ny;
    double *room = (double *)calloc(n * 16, sizeof *room), mean = 0, square = 0, worst = 0, most = 0;
    mv_volume a = {0}, b = {0}, field = {0};
    mv_flow_opt o = {0};
    frame t;
    size_t i;
    int k;
    if (!CHECK(room != NULL)) return;
    CHECK_OK(mv_volume_alloc(T, &a, MEDVOL_F32, 2, dim));
    CHECK_OK(mv_volume_alloc(T, &b, MEDVOL_F32, 2, dim));
    t.nx = nx, t.ny = ny, t.poly_n = poly_n, t.sigma = sigma, t.window = window, t.box = box;
    t.f = room, t.g = room + n, t.u[0] = room + 2 * n, t.u[1] = room + 3 * n;
    for (i = 0; i < n; i++) {
        const double x = (double)(i % nx), y = (double)(size_t)(i / nx);
        double u[2];
        moved(x, y, u);
        ((float *)a.data)[i] = (float)shade(x + u[0], y + u[1]);
        ((float *)b.data)[i] = (float)shade(x, y);
        mean += (double)((float *)a.data)[i] / (double)n;
    }
    for (i = 0; i < n; i++) square += pow((double)((float *)a.data)[i] - mean, 2) / (double)n;
    for (i = 0; i < n; i++) {
        t.f[i] = 50 / sqrt(square) * ((double)((float *)a.data)[i] - mean);
        t.g[i] = 50 / sqrt(square) * ((double)((float *)b.data)[i] - mean);
    }
    expand(room + 4 * n, &t, t.f);
    expand(room + 10 * n, &t, t.g);
    o.method = MEDVOL_FLOW_FARNEBACK, o.control.levels = 1, o.control.iterations = rounds;
    o.poly_n = poly_n, o.poly_sigma = sigma, o.window = window, o.box = box;
    CHECK_OK(mv_flow(T, &field, &a, &b, &o));
    for (k = 0; k < rounds; k++) step_of(&t, room + 4 * n, room + 10 * n);
    for (i = 0; i < 2 * n; i++) {
        worst = fmax(worst, fabs((double)((float *)field.data)[i] - t.u[i / n][i % n]));
        most = fmax(most, fabs(t.u[i / n][i % n]));
    }
    if (!CHECK(worst < 2e-3)) fprintf(stderr, "%zux%zu: %g of %g\n", nx, ny, worst, most);
    CHECK(most > 0.9);
    mv_volume_free(T, &a), mv_volume_free(T, &b), mv_volume_free(T, &field);
    free(room);
}
static void steps(void) { /* across tiles, and with windows and neighbourhoods wider than the image */
    against(290, 150, 5, 1.1, 9, 0, 2);
    against(21, 17, 7, 1.5, 25, 0, 3);
    against(11, 13, 15, 3, 7, 1, 3);
    against(6, 40, 9, 2, 11, 0, 2);
    against(3, 30, 5, 1, 5, 0, 2);
}
static void bands(void) { /* rows of the moving image that differ from the field's */
    against(12, 1100, 7, 1.5, 5, 1, 3);
}
/* a parabola is its own expansion, up to the last row: nothing is left to err */
static void parabola(void) {
    static const size_t dim[2] = {26, 22};
    mv_volume a = {0}, b = {0}, field = {0};
    mv_flow_opt o = {0};
    double worst = 0;
    size_t i;
    int k;
    CHECK_OK(mv_volume_alloc(T, &a, MEDVOL_F32, 2, dim));
    CHECK_OK(mv_volume_alloc(T, &b, MEDVOL_F32, 2, dim));
    o.method = MEDVOL_FLOW_FARNEBACK, o.control.levels = 1, o.control.iterations = 300;
    o.control.tolerance = 1e-9;
    for (k = 3; k <= 15; k += 4) {
        o.poly_n = k, o.poly_sigma = 0.25 * k, o.box = k == 7, o.window = k == 11 ? 15 : 0;
        for (i = 0; i < 26 * 22; i++) {
            const double x = (double)(i % 26) - 9, y = (double)(size_t)(i / 26) - 12, d = 1.3, e = -0.7;
            ((float *)b.data)[i] = (float)(30 + 2 * x - 3 * y + x * x + 0.8 * y * y - 0.5 * x * y);
            ((float *)a.data)[i] = (float)(30 + 2 * (x + d) - 3 * (y + e) + (x + d) * (x + d) +
                                           0.8 * (y + e) * (y + e) - 0.5 * (x + d) * (y + e));
        }
        CHECK_OK(mv_flow(T, &field, &a, &b, &o));
        for (i = 0; i < 26 * 22; i++) {
            worst = fmax(worst, fabs((double)((float *)field.data)[i] - 1.3));
            worst = fmax(worst, fabs((double)((float *)field.data)[i + 26 * 22] + 0.7));
        }
        if (!CHECK(worst < 2e-3)) fprintf(stderr, "side %d: %g\n", k, worst);
        mv_volume_free(T, &field);
    }
    mv_volume_free(T, &a), mv_volume_free(T, &b);
}
/* A warp of 24 pixels, 6 on the third level: the steps of least squares do not reach as far. With levels from
   the image's size they do. */
enum { DEEP = 448 };
static double weave(double x, double y) {
    return 120 + 35 * sin(0.9 * x) * sin(0.85 * y + 0.3 * sin(0.05 * x)) + 25 * sin(0.031 * x + 0.017 * y) *
        cos(0.027 * y) + 20 * sin(0.13 * x + 1) * sin(0.11 * y) + 15 * cos(0.37 * x - 0.29 * y);
}
static void deep(void) {
    static const size_t dim[2] = {DEEP, DEEP};
    mv_volume a = {0}, b = {0}, field = {0};
    mv_register_report rep;
    mv_flow_opt o = {0};
    double error[2] = {0, 0};
    size_t i;
    int k;
    CHECK_OK(mv_volume_alloc(T, &a, MEDVOL_U8, 2, dim));
    CHECK_OK(mv_volume_alloc(T, &b, MEDVOL_U8, 2, dim));
    for (i = 0; i < DEEP * DEEP; i++) {
        const double x = (double)(i % DEEP), y = (double)(size_t)(i / DEEP);
        const double u = 24 * sin(0.009 * y + 0.4), v = 24 * cos(0.008 * x);
        ((uint8_t *)a.data)[i] = (uint8_t)(weave(x + u, y + v) + 0.5);
        ((uint8_t *)b.data)[i] = (uint8_t)(weave(x, y) + 0.5);
    }
    o.method = MEDVOL_FLOW_FARNEBACK, o.control.report = &rep;
    for (k = 0; k < 2; k++) {
        double count = 0;
        o.control.levels = k ? 0 : 3;
        CHECK_OK(mv_flow(T, &field, &a, &b, &o));
        CHECK(rep.levels == (k ? 5 : 3));
        for (i = 0; i < DEEP * DEEP; i++) {
            const size_t x = i % DEEP, y = i / DEEP;
            const double u = 24 * sin(0.009 * (double)y + 0.4), v = 24 * cos(0.008 * (double)x);
            if (x < 40 || x >= DEEP - 40 || y < 40 || y >= DEEP - 40) continue;
            error[k] += hypot((double)((float *)field.data)[i] - u,
                              (double)((float *)field.data)[i + DEEP * DEEP] - v);
            count++;
        }
        error[k] /= count;
        mv_volume_free(T, &field);
    }
    if (!CHECK(error[0] > 1 && error[1] < 0.1))
        fprintf(stderr, "3 levels: %g, all: %g\n", error[0], error[1]);
    mv_volume_free(T, &a), mv_volume_free(T, &b);
}
static void refused(void) {
    static const size_t dim[2] = {20, 18}, solid[3] = {9, 8, 7};
    static const char *const names[] = {"poly_n", "poly_n", "poly_n", "window", "window", "window",
        "poly_sigma", "poly_sigma", "poly_sigma", "method", "iterations"};
    mv_volume a = {0}, field = {0};
    mv_flow_opt o;
    char want[64];
    size_t k;
    CHECK_OK(mv_volume_alloc(T, &a, MEDVOL_F32, 2, dim));
    memset(a.data, 0, 20 * 18 * sizeof(float));
    for (k = 0; k < sizeof names / sizeof *names; k++) {
        memset(&o, 0, sizeof o);
        o.method = MEDVOL_FLOW_FARNEBACK;
        if (k == 0) o.poly_n = 4;
        if (k == 1) o.poly_n = 17;
        if (k == 2) o.poly_n = -5;
        if (k == 3) o.window = 24;
        if (k == 4) o.window = 65;
        if (k == 5) o.window = -1;
        if (k == 6) o.poly_sigma = 0.2;
        if (k == 7) o.poly_sigma = NAN;
        if (k == 8) o.poly_sigma = 11;
        if (k == 9) o.method = (mv_flow_method)3;
        if (k == 10) o.control.iterations = -1;
        CHECK_STATUS(mv_flow(T, &field, &a, &a, &o), MEDVOL_E_RANGE);
        snprintf(want, sizeof want, "flow: %s = ", names[k]);
        if (!CHECK(!strncmp(mv_message(T), want, strlen(want)))) fprintf(stderr, "%s\n", mv_message(T));
        CHECK(field.data == NULL);
    }
    mv_volume_free(T, &a);
    CHECK_OK(mv_volume_alloc(T, &a, MEDVOL_F32, 3, solid));
    memset(a.data, 0, 9 * 8 * 7 * sizeof(float));
    memset(&o, 0, sizeof o);
    o.method = MEDVOL_FLOW_FARNEBACK;
    CHECK_STATUS(mv_flow(T, &field, &a, &a, &o), MEDVOL_E_UNSUPPORTED);
    CHECK(!strcmp(mv_message(T), "flow: this method is for planes"));
    mv_volume_free(T, &a);
}
const t_case tests_farneback[] = {{"steps", steps, 0}, {"bands", bands, 0}, {"parabola", parabola, 0},
    {"deep", deep, 0}, {"refused", refused, 0}, {0}};
