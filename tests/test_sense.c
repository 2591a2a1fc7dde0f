/* test_sense.c - the measurement against its definition in double, its adjoint, conjugate gradients against
   the dense system, unfolding of every lattice against the truth and the dense system's noise; series, masks,
   sets of maps, gaps, bits, errors. */
#include "test.h"

#define TAU 6.28318530717958647692

typedef struct cplx {
    double re, im;
} cplx;
static cplx mul(cplx a, cplx b) {
    cplx c = {a.re * b.re - a.im * b.im, a.re * b.im + a.im * b.re};
    return c;
}
static cplx at(const mv_volume *v, size_t i) {
    cplx c = {((const float *)v->data)[2 * i], ((const float *)v->data)[2 * i + 1]};
    return c;
}
static int new_volume(mv_volume *v, size_t nx, size_t ny, size_t nz, size_t nc, size_t nf) {
    size_t dim[5];
    dim[0] = nx, dim[1] = ny, dim[2] = nz, dim[3] = nc, dim[4] = nf;
    memset(v, 0, sizeof *v);
    if (!CHECK_OK(mv_volume_alloc(T, v, MEDVOL_C64, nf > 1 ? 5 : nc > 1 ? 4 : 3, dim))) return 0;
    memset(v->data, 0, mv_volume_count(v) * 8);
    return 1;
}
static void noise(mv_volume *v) {
    const size_t n = 2 * mv_volume_count(v);
    size_t i;
    for (i = 0; i < n; i++) ((float *)v->data)[i] = (float)t_uniform(-1, 1);
}
/* Smooth coils round the field of view, of unit length together; each set turned in phase. */
static int coils(mv_volume *v, size_t nx, size_t ny, size_t nz, size_t nc, size_t sets) {
    const size_t n = nx * ny * nz;
    size_t i, c, s;
    if (!new_volume(v, nx, ny, nz, nc, sets)) return 0;
    for (s = 0; s < sets; s++)
        for (i = 0; i < n; i++) {
            const double x = (double)(i % nx) / (double)nx - 0.5,
                         y = (double)(i / nx % ny) / (double)ny - 0.5;
            const double z = nz > 1 ? (double)(i / nx / ny) / (double)nz - 0.5 : 0;
            double sum = 0;
            for (c = 0; c < nc; c++) {
                const double a = TAU * (double)c / (double)nc + 0.3 * (double)s + 0.1, b = 2.4 * (double)c;
                const double dx = x - 0.7 * cos(a), dy = y - 0.7 * sin(a), dz = z - 0.6 * cos(b);
                const double m = 1 / (0.2 + dx * dx + dy * dy + dz * dz),
                             p = 3 * x * sin(a) + 2 * y + 2 * z * cos(b);
                float *q = (float *)v->data + 2 * (i + n * (c + nc * s));
                q[0] = (float)(m * cos(p + a)), q[1] = (float)(m * sin(p + a));
                sum += m * m;
            }
            for (c = 0; c < nc; c++) {
                float *q = (float *)v->data + 2 * (i + n * (c + nc * s));
                q[0] = (float)(q[0] / sqrt(sum)), q[1] = (float)(q[1] / sqrt(sum));
            }
        }
    return 1;
}
static int new_mask(mv_volume *v, size_t nx, size_t ny, size_t nz) {
    size_t dim[3];
    dim[0] = nx, dim[1] = ny, dim[2] = nz;
    memset(v, 0, sizeof *v);
    return CHECK_OK(mv_volume_alloc(T, v, MEDVOL_F32, 3, dim));
}
/* entry k, r of the centred unitary transform of three axes */
static cplx wave(const size_t *n, size_t k, size_t r) {
    double e = 0, s = 1;
    cplx c;
    int a;
    for (a = 0; a < 3; a++) {
        const double p = (double)(k % n[a]) - (double)(n[a] / 2), q = (double)(r % n[a]) - (double)(n[a] / 2);
        e -= p * q / (double)n[a];
        s /= sqrt((double)n[a]);
        k /= n[a], r /= n[a];
    }
    e -= floor(e);
    c.re = s * cos(TAU * e), c.im = s * sin(TAU * e);
    return c;
}
static double apart(const mv_volume *a, const mv_volume *b) { /* |a - b| / |b| */
    const size_t n = 2 * mv_volume_count(b);
    const float *p = (const float *)a->data, *q = (const float *)b->data;
    double e = 0, m = 0;
    size_t i;
    if (mv_volume_count(a) != mv_volume_count(b)) return HUGE_VAL;
    for (i = 0; i < n; i++) {
        e += ((double)p[i] - (double)q[i]) * ((double)p[i] - (double)q[i]);
        m += (double)q[i] * (double)q[i];
    }
    return sqrt(e / m);
}
static cplx dot(const mv_volume *a, const mv_volume *b) { /* sum conj(a) b */
    const size_t n = mv_volume_count(a);
    cplx s = {0, 0};
    size_t i;
    for (i = 0; i < n; i++) {
        const cplx p = at(a, i), q = at(b, i);
        s.re += p.re * q.re + p.im * q.im;
        s.im += p.re * q.im - p.im * q.re;
    }
    return s;
}
static const size_t shapes[][3] = {{7, 5, 3}, {8, 6, 1}, {13, 1, 1}, {1, 4, 5}, {16, 9, 2}};

static void test_forward(void) {
    size_t t;
    for (t = 0; t < 4; t++) {
        const size_t *n = shapes[t], all = n[0] * n[1] * n[2], sets = 1 + t % 2, nc = 3;
        mv_volume maps, x, y = {0}, m;
        size_t k, r, c, s;
        double wrong = 0;
        if (!coils(&maps, n[0], n[1], n[2], nc, sets) || !new_volume(&x, n[0], n[1], n[2], sets, 1)) return;
        if (!new_mask(&m, n[0], n[1], 1)) return;
        t_seed(t);
        noise(&x);
        for (k = 0; k < n[0] * n[1]; k++) ((float *)m.data)[k] = (float)(k % 3) * 0.5f;
        CHECK_OK(mv_sense_forward(T, &y, &x, &maps, &m));
        CHECK(y.ndim == 4 && y.dim[3] == nc && y.dim[0] == n[0] && y.dim[2] == n[2]);
        for (c = 0; c < nc; c++)
            for (k = 0; k < all; k++) {
                const double w = (double)(k % (n[0] * n[1]) % 3) * 0.5;
                cplx sum = {0, 0}, got = at(&y, k + all * c);
                for (r = 0; r < all; r++) {
                    cplx v = {0, 0};
                    for (s = 0; s < sets; s++) {
                        const cplx p = mul(at(&maps, r + all * (c + nc * s)), at(&x, r + all * s));
                        v.re += p.re, v.im += p.im;
                    }
                    v = mul(v, wave(n, k, r));
                    sum.re += w * v.re, sum.im += w * v.im;
                }
                wrong = fmax(wrong, hypot(got.re - sum.re, got.im - sum.im));
            }
        CHECK_NEAR(wrong, 0, 3e-6);
        mv_volume_free(T, &maps), mv_volume_free(T, &x), mv_volume_free(T, &y), mv_volume_free(T, &m);
    }
}
static void test_adjoint(void) {
    size_t t;
    for (t = 0; t < 5; t++) {
        const size_t *n = shapes[t], sets = 1 + t % 2, nc = 4, nf = 1 + t % 3;
        mv_volume maps, x, y, ex = {0}, ey = {0}, m;
        cplx a, b;
        size_t k, xd[5], nd = 0;
        if (!coils(&maps, n[0], n[1], n[2], nc, sets) || !new_volume(&y, n[0], n[1], n[2], nc, nf)) return;
        xd[0] = n[0], xd[1] = n[1], xd[2] = n[2], nd = 3;
        if (sets > 1) xd[nd++] = sets;
        if (nf > 1) xd[nd++] = nf;
        if (!CHECK_OK(mv_volume_alloc(T, &x, MEDVOL_C64, (int)nd, xd))) return;
        if (!new_mask(&m, n[0], n[1], n[2])) return;
        t_seed(10 + t);
        noise(&x), noise(&y);
        for (k = 0; k < mv_volume_count(&m); k++) ((float *)m.data)[k] = t_uniform(0, 1) < 0.5 ? 0.0f : 1.0f;
        CHECK_OK(mv_sense_forward(T, &ex, &x, &maps, t == 1 ? NULL : &m));
        CHECK_OK(mv_sense_adjoint(T, &ey, &y, &maps, t == 1 ? NULL : &m));
        a = dot(&ex, &y), b = dot(&x, &ey);
        CHECK(mv_volume_count(&ey) == mv_volume_count(&x));
        CHECK_NEAR(a.re, b.re, 1e-6 * sqrt(dot(&ex, &ex).re * dot(&y, &y).re));
        CHECK_NEAR(a.im, b.im, 1e-6 * sqrt(dot(&ex, &ex).re * dot(&y, &y).re));
        if (t == 1) { /* all of k-space, maps of unit length but of two sets: one set is its own inverse */
            mv_volume one = maps, back = {0}, img, k1 = {0};
            one.ndim = 4, one.dim[4] = 1, one.owner = NULL;
            if (!new_volume(&img, n[0], n[1], n[2], 1, 1)) return;
            noise(&img);
            CHECK_OK(mv_sense_forward(T, &k1, &img, &one, NULL));
            CHECK_OK(mv_sense_adjoint(T, &back, &k1, &one, NULL));
            CHECK_NEAR(apart(&back, &img), 0, 1e-6);
            mv_volume_free(T, &back), mv_volume_free(T, &img), mv_volume_free(T, &k1);
        }
        mv_volume_free(T, &maps), mv_volume_free(T, &x), mv_volume_free(T, &y), mv_volume_free(T, &m);
        mv_volume_free(T, &ex), mv_volume_free(T, &ey);
    }
}

/* ---- the dense system: E of coils x samples rows, in double ---- */
static double *dense(const mv_volume *maps, const mv_volume *m, const size_t *n, double lambda,
                     size_t *unknowns) {
    const size_t all = n[0] * n[1] * n[2], nc = maps->dim[3], sets = maps->dim[4], u = all * sets;
    const size_t line = m->dim[0] == 1 ? n[0] : 1; /* that one weight stands for */
    double *e = (double *)calloc(2 * nc * all * u + 1, sizeof *e),
           *a = (double *)calloc(2 * u * u + 1, sizeof *a);
    mv_gemm_opt o;
    size_t k, r, c, s, i;
    memset(&o, 0, sizeof o);
    o.op_a = MEDVOL_OP_ADJOINT;
    if (!CHECK(e && a)) abort();
    for (s = 0; s < sets; s++)
        for (r = 0; r < all; r++)
            for (c = 0; c < nc; c++)
                for (k = 0; k < all; k++) {
                    const double w = sqrt((double)((const float *)m->data)[k / line]);
                    const cplx v = mul(at(maps, r + all * (c + nc * s)), wave(n, k, r));
                    double *p = e + 2 * (k + all * c + nc * all * (r + all * s));
                    p[0] = w * v.re, p[1] = w * v.im;
                }
    CHECK_OK(mv_gemm_c128(T_NONE, a, u, e, nc * all, e, nc * all, u, u, nc * all, &o));
    for (i = 0; i < u; i++) a[2 * i * (u + 1)] += lambda;
    free(e);
    *unknowns = u;
    return a;
}
static void test_cg_dense(void) {
    static const size_t n[3][3] = {{6, 5, 1}, {4, 3, 3}, {5, 8, 1}};
    size_t t;
    for (t = 0; t < 3; t++) {
        const size_t all = n[t][0] * n[t][1] * n[t][2], sets = t == 1 ? 2 : 1;
        mv_volume maps, y, m, x = {0}, rhs = {0};
        mv_cg_sense_opt o;
        double *a, *b, wrong = 0, most = 0, residual = 1;
        size_t u, i;
        memset(&o, 0, sizeof o);
        if (!coils(&maps, n[t][0], n[t][1], n[t][2], 4, sets) ||
            !new_volume(&y, n[t][0], n[t][1], n[t][2], 4, 1))
            return;
        if (!new_mask(&m, n[t][0], n[t][1], n[t][2])) return;
        t_seed(30 + t);
        noise(&y);
        for (i = 0; i < all; i++) /* scattered; weights; along y alone */
            ((float *)m.data)[i] = t == 2                  ? (float)(i / n[t][0] % 2)
                                   : t_uniform(0, 1) < 0.3 ? 0
                                                           : 1.0f + (float)t;
        o.mask = &m;
        o.lambda = 0.05;
        o.iterations = 150;
        o.residual = &residual;
        CHECK_OK(mv_cg_sense(T, &x, &y, &maps, &o));
        CHECK(residual < 1e-5);
        CHECK_OK(mv_sense_adjoint(T, &rhs, &y, &maps, &m));
        a = dense(&maps, &m, n[t], o.lambda, &u);
        b = (double *)calloc(2 * u, sizeof *b);
        if (!CHECK(b && mv_volume_count(&x) == u)) return;
        for (i = 0; i < u; i++) b[2 * i] = at(&rhs, i).re, b[2 * i + 1] = at(&rhs, i).im;
        CHECK_OK(mv_chol_c128(T_NONE, a, u, u));
        CHECK_OK(mv_chol_solve_c128(T_NONE, b, u, a, u, u, 1));
        for (i = 0; i < u; i++) {
            wrong = fmax(wrong, hypot(b[2 * i] - at(&x, i).re, b[2 * i + 1] - at(&x, i).im));
            most = fmax(most, hypot(b[2 * i], b[2 * i + 1]));
        }
        CHECK_NEAR(wrong / most, 0, 2e-5);
        free(a), free(b);
        mv_volume_free(T, &maps), mv_volume_free(T, &y), mv_volume_free(T, &m);
        mv_volume_free(T, &x), mv_volume_free(T, &rhs);
    }
}
/* Many more steps than there are unknowns: what is left comes to the end of floats, and no step is made of it. */
static void test_cg_many_steps(void) {
    size_t t;
    for (t = 0; t < 24; t++) {
        const size_t nx = 1 + t % 4, ny = 2 + t % 3, sets = 1 + t % 2, n = nx * ny;
        mv_volume maps, y, x = {0}, want = {0};
        mv_cg_sense_opt o;
        double residual = 1;
        size_t i;
        memset(&o, 0, sizeof o);
        if (!coils(&maps, nx, ny, 1, 4, sets) || !new_volume(&y, nx, ny, 1, 4, 1)) return;
        t_seed(80 + t);
        noise(&y);
        for (i = 0; i < 8 * n; i++) ((float *)y.data)[i] *= t % 3 ? 1e-10f : 1;
        o.lambda = 0.02, o.residual = &residual, o.iterations = 60;
        CHECK_OK(mv_cg_sense(T, &want, &y, &maps, &o));
        CHECK(residual < 1e-5);
        o.iterations = 1000;
        CHECK_OK(mv_cg_sense(T, &x, &y, &maps, &o));
        CHECK(residual < 1e-5);
        CHECK_NEAR(apart(&x, &want), 0, 1e-5);
        mv_volume_free(T, &maps), mv_volume_free(T, &y), mv_volume_free(T, &x), mv_volume_free(T, &want);
    }
}
/* Without noise the image comes back; the error in the energy norm never grows. */
static void test_cg_exact(void) {
    const size_t nx = 24, ny = 21;
    mv_volume maps, x, y = {0}, m, back = {0};
    mv_cg_sense_opt o;
    double last = HUGE_VAL;
    size_t i;
    memset(&o, 0, sizeof o);
    if (!coils(&maps, nx, ny, 1, 6, 1) || !new_volume(&x, nx, ny, 1, 1, 1) || !new_mask(&m, 1, ny, 1)) return;
    t_seed(50);
    noise(&x);
    for (i = 0; i < ny; i++) ((float *)m.data)[i] = (float)(i % 2 == 0);
    CHECK_OK(mv_sense_forward(T, &y, &x, &maps, &m));
    for (o.iterations = 1; o.iterations < 30; o.iterations += 4) {
        mv_volume e = {0}, f = {0};
        double energy;
        CHECK_OK(mv_cg_sense(T, &back, &y, &maps, &o));
        CHECK_OK(mv_volume_copy(T, &e, &back));
        for (i = 0; i < 2 * nx * ny; i++) ((float *)e.data)[i] -= ((float *)x.data)[i];
        CHECK_OK(mv_sense_forward(T, &f, &e, &maps, &m));
        energy = dot(&f, &f).re;
        CHECK(energy <= last * (1 + 1e-6) + 1e-9);
        last = energy;
        mv_volume_free(T, &e), mv_volume_free(T, &f);
    }
    o.iterations = 200;
    o.tolerance = 1e-7;
    CHECK_OK(mv_cg_sense(T, &back, &y, &maps, &o)); /* the mask is seen from the data */
    CHECK_NEAR(apart(&back, &x), 0, 2e-4);
    mv_volume_free(T, &maps), mv_volume_free(T, &x), mv_volume_free(T, &y), mv_volume_free(T, &m);
    mv_volume_free(T, &back);
}
/* A series is its frames, to the bit, with masks of their own; views and other types are what they show. */
static void test_cg_series(void) {
    const size_t nx = 10, ny = 9, nf = 4, n = 90;
    mv_volume maps, y, all = {0}, wide = {0}, two = {0};
    mv_cg_sense_opt o;
    double residual[4] = {2, 2, 2, 2};
    size_t f, c, i;
    memset(&o, 0, sizeof o);
    o.iterations = 5;
    o.residual = residual;
    if (!coils(&maps, nx, ny, 1, 3, 1) || !new_volume(&y, nx, ny, 1, 3, nf)) return;
    t_seed(60);
    noise(&y);
    y.step[0] = 7, y.step[1] = 2.5;
    for (f = 0; f < nf; f++) /* frame 2: all of it */
        for (c = 0; c < 3; c++)
            for (i = 0; i < n; i++)
                if (f != 2 && (f == 3 ? i % 3 == 1 : i / nx % 2 == f % 2))
                    memset((float *)y.data + 2 * (i + n * (c + 3 * f)), 0, 8);
    CHECK_OK(mv_cg_sense(T, &all, &y, &maps, &o));
    CHECK(all.ndim == 4 && all.dim[3] == nf && all.step[0] == 2.5);
    for (f = 0; f < nf; f++) {
        const size_t start[5] = {0, 0, 0, 0, f}, size[5] = {nx, ny, 1, 3, 1};
        mv_volume v, x = {0};
        CHECK_OK(mv_volume_view(T, &v, &y, start, size));
        o.residual = NULL;
        CHECK_OK(mv_cg_sense(T, &x, &v, &maps, &o));
        CHECK(memcmp(x.data, (float *)all.data + 2 * n * f, 8 * n) == 0);
        CHECK(residual[f] >= 0 && residual[f] < 1);
        mv_volume_free(T, &x);
    }
    { /* a destination with gaps, in doubles */
        const size_t big[4] = {nx + 2, ny, 1, nf}, start[4] = {1, 0, 0, 0}, size[4] = {nx, ny, 1, nf};
        mv_volume room, view;
        CHECK_OK(mv_volume_alloc(T, &room, MEDVOL_C64, 4, big));
        CHECK_OK(mv_volume_view(T, &view, &room, start, size));
        CHECK_OK(mv_convert(T, &wide, &y, MEDVOL_C128, NULL));
        CHECK_OK(mv_cg_sense(T, &view, &wide, &maps, &o));
        CHECK_OK(mv_volume_copy(T, &two, &view));
        CHECK(memcmp(two.data, all.data, 8 * n * nf) == 0);
        mv_volume_free(T, &room);
    }
    CHECK_OK(mv_cg_sense(T, &y, &y, &maps, &o)); /* dst == src: its memory is replaced */
    CHECK(memcmp(y.data, all.data, 8 * n * nf) == 0);
    mv_volume_free(T, &maps), mv_volume_free(T, &y), mv_volume_free(T, &all);
    mv_volume_free(T, &wide), mv_volume_free(T, &two);
}

/* ---- unfolding ---- */
static const struct {
    size_t n[3], step[2], at[2];
    size_t shift;
    size_t coils, sets;
} lattices[] = {{{5, 12, 1}, {1, 1}, {0, 0}, 0, 3, 1},  {{9, 12, 1}, {2, 1}, {1, 0}, 0, 4, 1},
                {{17, 12, 1}, {3, 1}, {2, 0}, 0, 6, 1}, {{8, 8, 6}, {2, 2}, {0, 1}, 0, 8, 1},
                {{6, 6, 8}, {3, 2}, {2, 1}, 1, 12, 1},  {{4, 6, 8}, {1, 4}, {0, 3}, 0, 8, 1},
                {{3, 6, 9}, {2, 3}, {1, 2}, 2, 12, 1},  {{7, 4, 8}, {1, 4}, {0, 1}, 3, 9, 1},
                {{5, 8, 1}, {2, 1}, {1, 0}, 0, 9, 2}};
static void test_unfold(void) {
    size_t t;
    for (t = 0; t < sizeof lattices / sizeof *lattices; t++) {
        const size_t *n = lattices[t].n, sets = lattices[t].sets, all = n[0] * n[1] * n[2];
        mv_volume maps, x, y = {0}, m, back = {0}, g = {0};
        mv_sense_opt o;
        size_t i, u;
        int k;
        memset(&o, 0, sizeof o);
        if (!coils(&maps, n[0], n[1], n[2], lattices[t].coils, sets) ||
            !new_volume(&x, n[0], n[1], n[2], sets, 1))
            return;
        if (!new_mask(&m, 1, n[1], n[2])) return;
        t_seed(70 + t);
        noise(&x);
        for (i = 0; i < n[1] * n[2]; i++) { /* the definition of [API] */
            const size_t py = i % n[1], pz = i / n[1];
            int in = py % lattices[t].step[0] == lattices[t].at[0];
            if (in) {
                const size_t turn =
                    (py - lattices[t].at[0]) / lattices[t].step[0] * lattices[t].shift;
                in = pz % lattices[t].step[1] == (lattices[t].at[1] + turn) % lattices[t].step[1];
            }
            ((float *)m.data)[i] = (float)in;
        }
        CHECK_OK(mv_sense_forward(T, &y, &x, &maps, &m));
        if (t == 1) { /* a calibration line beside the lattice */
            size_t c;
            for (c = 0; c < 4; c++)
                for (i = 0; i < 18; i++) ((float *)y.data)[2 * (all * c + 9 * 6) + i] = 1;
        }
        for (k = 0; k < 2; k++) o.accel[k] = lattices[t].step[k];
        o.shift = lattices[t].shift;
        o.gfactor = &g;
        CHECK_OK(mv_sense(T, &back, &y, &maps, &o));
        CHECK_NEAR(apart(&back, &x), 0, 1e-4);
        if (all <= 160 || t == 0) { /* noise of the dense system */
            double *a = dense(&maps, &m, n, 0, &u), *e, worst = 0;
            const size_t step = u / 7 + 1;
            double *d = (double *)calloc(u + 1, sizeof *d);
            e = (double *)calloc(2 * u + 1, sizeof *e);
            if (!CHECK(d && e && g.dtype == MEDVOL_F32 && mv_volume_count(&g) == u)) return;
            for (i = 0; i < u; i++) d[i] = a[2 * i * (u + 1)];
            CHECK_OK(mv_chol_c128(T_NONE, a, u, u));
            for (i = 0; i < u; i += step) {
                memset(e, 0, 2 * u * sizeof *e);
                e[2 * i] = 1;
                CHECK_OK(mv_chol_solve_c128(T_NONE, e, u, a, u, u, 1));
                worst = fmax(worst, fabs(sqrt(e[2 * i] * d[i]) / (double)((float *)g.data)[i] - 1));
            }
            CHECK_NEAR(worst, 0, 1e-4);
            free(a), free(d), free(e);
        }
        mv_volume_free(T, &maps), mv_volume_free(T, &x), mv_volume_free(T, &y), mv_volume_free(T, &m);
        mv_volume_free(T, &back), mv_volume_free(T, &g);
    }
}
/* Where no coil sees anything the image and the noise are 0; two coils alike need lambda. */
static void test_unfold_dark(void) {
    static const size_t dark[3] = {20, 10, 34};
    mv_volume maps, y, x = {0}, g = {0};
    mv_sense_opt o;
    size_t c, i;
    memset(&o, 0, sizeof o);
    o.accel[0] = 2;
    o.gfactor = &g;
    if (!coils(&maps, 6, 8, 1, 3, 1) || !new_volume(&y, 6, 8, 1, 3, 1)) return;
    t_seed(80);
    noise(&y);
    for (c = 0; c < 3; c++) /* voxel 2, 3; and both voxels of a pair: 4, 1 and 4, 5 */
        for (i = 0; i < 3; i++) memset((float *)maps.data + 2 * (48 * c + dark[i]), 0, 8);
    CHECK_OK(mv_sense(T, &x, &y, &maps, &o));
    CHECK(at(&x, 20).re == 0 && at(&x, 20).im == 0 && ((float *)g.data)[20] == 0);
    CHECK(at(&x, 10).re == 0 && at(&x, 34).im == 0 && ((float *)g.data)[34] == 0);
    CHECK_NEAR((double)((float *)g.data)[44], 1, 1e-5); /* 2, 7: its partner is dark */
    for (c = 1; c < 3; c++) memcpy((float *)maps.data + 96 * c, maps.data, 96 * 4); /* alike */
    CHECK_STATUS(mv_sense(T, &x, &y, &maps, &o), MEDVOL_E_SINGULAR);
    CHECK(strstr(mv_message(T), "voxel 0, 0, 0"));
    o.lambda = 0.01;
    CHECK_OK(mv_sense(T, &x, &y, &maps, &o));
    mv_volume_free(T, &maps), mv_volume_free(T, &y), mv_volume_free(T, &x), mv_volume_free(T, &g);
}
/* Unfolding and gradients agree, frame by frame. */
static void test_agree(void) {
    mv_volume maps, x, y = {0}, m, a = {0}, b = {0};
    mv_sense_opt o;
    mv_cg_sense_opt q;
    size_t i;
    const size_t dim[4] = {11, 12, 1, 3};
    memset(&o, 0, sizeof o);
    memset(&q, 0, sizeof q);
    if (!coils(&maps, 11, 12, 1, 5, 1) || !CHECK_OK(mv_volume_alloc(T, &x, MEDVOL_C64, 4, dim))) return;
    if (!new_mask(&m, 1, 12, 1)) return;
    t_seed(90);
    noise(&x);
    x.step[0] = 3;
    for (i = 0; i < 12; i++) ((float *)m.data)[i] = (float)(i % 2);
    CHECK_OK(mv_sense_forward(T, &y, &x, &maps, &m));
    CHECK(y.ndim == 5 && y.step[1] == 3 && y.dim[4] == 3);
    o.accel[0] = 2, o.lambda = q.lambda = 0.01;
    q.iterations = 60;
    CHECK_OK(mv_sense(T, &a, &y, &maps, &o));
    CHECK_OK(mv_cg_sense(T, &b, &y, &maps, &q));
    CHECK(a.ndim == 4 && a.step[0] == 3);
    CHECK_NEAR(apart(&a, &b), 0, 2e-5);
    { /* frame 1 measured on the other lines */
        const size_t start[4] = {0, 0, 0, 1}, size[4] = {11, 12, 1, 1}, n = 11 * 12 * 5;
        mv_volume one, other = {0};
        for (i = 0; i < 12; i++) ((float *)m.data)[i] = (float)(i % 2 == 0);
        CHECK_OK(mv_volume_view(T, &one, &x, start, size));
        CHECK_OK(mv_sense_forward(T, &other, &one, &maps, &m));
        memcpy((float *)y.data + 2 * n, other.data, 8 * n);
        mv_volume_free(T, &other), mv_volume_free(T, &a), mv_volume_free(T, &b);
        CHECK_OK(mv_sense(T, &a, &y, &maps, &o));
        CHECK_OK(mv_cg_sense(T, &b, &y, &maps, &q));
        CHECK_NEAR(apart(&a, &b), 0, 2e-5);
        memset((float *)y.data + 2 * n, 0, 8 * n);
        CHECK_STATUS(mv_sense(T, &a, &y, &maps, &o), MEDVOL_E_EMPTY);
        CHECK(strstr(mv_message(T), "frame 1"));
    }
    mv_volume_free(T, &maps), mv_volume_free(T, &x), mv_volume_free(T, &y), mv_volume_free(T, &m);
    mv_volume_free(T, &a), mv_volume_free(T, &b);
}

static int stop_at;
static int stopping(void *user, double done, double total, const char *label) {
    (void)user, (void)label;
    CHECK(done <= total);
    return stop_at-- == 0;
}
static void test_cancel(void) {
    mv_volume maps, y, x = {0}, image;
    mv_sense_opt o;
    int call, n;
    memset(&o, 0, sizeof o);
    o.accel[0] = 2;
    if (!coils(&maps, 12, 16, 1, 4, 1) || !new_volume(&y, 12, 16, 1, 4, 2)) return;
    if (!new_volume(&image, 12, 16, 1, 1, 1)) return;
    t_seed(100);
    noise(&y);
    T->desc.progress = stopping;
    for (call = 0; call < 4; call++) {
        const mv_volume *src = call == 3 ? &image : &y;
        int cancelled = 0;
        for (n = 0; n < 200; n++) {
            mv_status st;
            stop_at = n;
            if (call == 0) st = mv_cg_sense(T, &x, src, &maps, NULL);
            else if (call == 1) st = mv_sense(T, &x, src, &maps, &o);
            else if (call == 2) st = mv_sense_adjoint(T, &x, src, &maps, NULL);
            else st = mv_sense_forward(T, &x, src, &maps, NULL);
            if (st != MEDVOL_E_CANCELLED) {
                CHECK_STATUS(st, MEDVOL_OK);
                break;
            }
            CHECK(!x.data);
            cancelled++;
        }
        CHECK(cancelled > 0);
        mv_volume_free(T, &x);
    }
    T->desc.progress = NULL;
    mv_volume_free(T, &maps), mv_volume_free(T, &y), mv_volume_free(T, &image);
}

static int count_calls(void *user, double done, double total, const char *label) {
    (void)label;
    CHECK(done <= total);
    ++*(int *)user;
    return 0;
}
static void test_progress(void) { /* of frames side by side while they are at work */
    mv_volume maps, y, x = {0};
    mv_ctx ctx;
    size_t i;
    int calls = 0;
    if (T_SMALL || !coils(&maps, 128, 96, 1, 8, 1) || !new_volume(&y, 128, 96, 1, 8, 2)) return;
    t_seed(101);
    noise(&y);
    for (i = 0; i < mv_volume_count(&y) / 128; i++) /* every fourth line */
        if (i % 4) memset((float *)y.data + 256 * i, 0, 1024);
    t_weigh(&ctx, 2);
    ctx.desc.progress = count_calls, ctx.desc.progress_user = &calls;
    CHECK_OK(mv_cg_sense(&ctx, &x, &y, &maps, &(mv_cg_sense_opt){NULL, 0, 90, 0, NULL}));
    CHECK(calls >= 3); /* 43 steps of a frame are 2^22 numbers */
    mv_volume_free(&ctx, &x), mv_volume_free(T, &y), mv_volume_free(T, &maps);
    mv_ctx_free(&ctx);
}
/* What errors are shown with: three coils of 8 x 6, noise in k-space, an empty mask. */
typedef struct given {
    mv_volume maps, y, m, real, few;
} given;
static int begin(given *g) {
    const size_t dim[3] = {8, 6, 1};
    if (!coils(&g->maps, 8, 6, 1, 3, 1) || !new_volume(&g->y, 8, 6, 1, 3, 1) || !new_mask(&g->m, 8, 6, 1) ||
        !CHECK_OK(mv_volume_alloc(T, &g->real, MEDVOL_F32, 3, dim)) || !new_mask(&g->few, 8, 5, 1))
        return 0;
    t_seed(110);
    noise(&g->y);
    memset(g->m.data, 0, 48 * 4);
    return 1;
}
static void end(given *g) {
    mv_volume_free(T, &g->maps), mv_volume_free(T, &g->y), mv_volume_free(T, &g->m);
    mv_volume_free(T, &g->real), mv_volume_free(T, &g->few);
}
/* v with another length along an axis, of the same memory */
static mv_volume bent(const mv_volume *v, int axis, size_t n) {
    mv_volume b = *v;
    b.dim[axis] = n, b.owner = NULL;
    return b;
}
static void test_cg_errors(void) {
    const size_t few[3] = {8, 5, 1};
    mv_volume x = {0}, was, tiny = {0};
    mv_cg_sense_opt q;
    given g;
    float *w;
    size_t i;
    memset(&q, 0, sizeof q);
    if (!begin(&g)) return;
    w = (float *)g.m.data;
    CHECK_STATUS(mv_cg_sense(T, NULL, &g.y, &g.maps, NULL), MEDVOL_E_NULL);
    CHECK_STATUS(mv_cg_sense(T, &x, NULL, &g.maps, NULL), MEDVOL_E_NULL);
    CHECK_STATUS(mv_cg_sense(T, &x, &g.y, NULL, NULL), MEDVOL_E_NULL);
    q.mask = &g.m;
    CHECK_STATUS(mv_cg_sense(T, &x, &g.y, &g.maps, &q), MEDVOL_E_EMPTY);
    CHECK(strstr(mv_message(T), "frame 0 has no sample"));
    w[5] = -1;
    CHECK_STATUS(mv_cg_sense(T, &x, &g.y, &g.maps, &q), MEDVOL_E_RANGE);
    CHECK(strstr(mv_message(T), "mask[5] = -1"));
    q.mask = &g.few;
    CHECK_STATUS(mv_cg_sense(T, &x, &g.y, &g.maps, &q), MEDVOL_E_SHAPE);
    CHECK(strstr(mv_message(T), "dim[1] = 5: must be 1 or 6"));
    q.mask = &g.y; /* complex */
    CHECK_STATUS(mv_cg_sense(T, &x, &g.y, &g.maps, &q), MEDVOL_E_DTYPE);
    q.mask = NULL, q.lambda = -1;
    CHECK_STATUS(mv_cg_sense(T, &x, &g.y, &g.maps, &q), MEDVOL_E_RANGE);
    q.lambda = (double)NAN;
    CHECK_STATUS(mv_cg_sense(T, &x, &g.y, &g.maps, &q), MEDVOL_E_RANGE);
    q.lambda = 0, q.tolerance = 1;
    CHECK_STATUS(mv_cg_sense(T, &x, &g.y, &g.maps, &q), MEDVOL_E_RANGE);
    q.tolerance = 0, q.iterations = -1;
    CHECK_STATUS(mv_cg_sense(T, &x, &g.y, &g.maps, &q), MEDVOL_E_RANGE);
    q.iterations = 2;
    was = bent(&g.y, 3, 2); /* two coils of three */
    CHECK_STATUS(mv_cg_sense(T, &x, &was, &g.maps, &q), MEDVOL_E_SHAPE);
    CHECK(strstr(mv_message(T), "maps are of 3 coils, src of 2"));
    CHECK_OK(mv_volume_copy(T, &tiny, &g.y)); /* squares that floats cannot hold */
    for (i = 0; i < 2 * 144; i++) ((float *)tiny.data)[i] *= 1e-25f;
    CHECK_STATUS(mv_cg_sense(T, &x, &tiny, &g.maps, &q), MEDVOL_E_RANGE);
    CHECK(strstr(mv_message(T), "1e-15..1e15"));
    CHECK_STATUS(mv_cg_sense(T, &g.maps, &g.y, &g.maps, &q), MEDVOL_E_ALIAS);
    CHECK_OK(mv_volume_alloc(T, &x, MEDVOL_C64, 3, few));
    CHECK_STATUS(mv_cg_sense(T, &x, &g.y, &g.maps, &q), MEDVOL_E_SHAPE);
    mv_volume_free(T, &x);
    ((float *)g.y.data)[17] = (float)NAN;
    CHECK_STATUS(mv_cg_sense(T, &x, &g.y, &g.maps, &q), MEDVOL_E_RANGE);
    CHECK(strstr(mv_message(T), "frame 0"));
    memset(g.y.data, 0, 8 * 144);
    CHECK_STATUS(mv_cg_sense(T, &x, &g.y, &g.maps, &q), MEDVOL_E_EMPTY);
    w[5] = 0, w[4] = 1;
    q.mask = &g.m; /* measured, and nothing there */
    CHECK_OK(mv_cg_sense(T, &x, &g.y, &g.maps, &q));
    CHECK(at(&x, 0).re == 0 && at(&x, 47).im == 0);
    mv_volume_free(T, &x), mv_volume_free(T, &tiny);
    end(&g);
}
static void test_unfold_errors(void) {
    mv_volume x = {0}, was, turned;
    mv_sense_opt o;
    given g;
    memset(&o, 0, sizeof o);
    if (!begin(&g)) return;
    was = bent(&g.y, 0, 7);
    CHECK_STATUS(mv_sense(T, &x, &was, &g.maps, &o), MEDVOL_E_SHAPE);
    o.accel[0] = (size_t)-1;
    CHECK_STATUS(mv_sense(T, &x, &g.y, &g.maps, &o), MEDVOL_E_SHAPE);
    o.accel[0] = 0, o.shift = (size_t)-1;
    CHECK_STATUS(mv_sense(T, &x, &g.y, &g.maps, &o), MEDVOL_E_RANGE);
    o.shift = 0;
    o.accel[0] = 4;
    CHECK_STATUS(mv_sense(T, &x, &g.y, &g.maps, &o), MEDVOL_E_SHAPE);
    CHECK(strstr(mv_message(T), "accel[0] = 4 does not divide 6"));
    o.accel[0] = 2, o.shift = 1;
    CHECK_STATUS(mv_sense(T, &x, &g.y, &g.maps, &o), MEDVOL_E_RANGE);
    was = bent(&g.y, 1, 1), was.dim[2] = 6, was.stride[2] = 8; /* three y, two of six z, one further each */
    turned = bent(&g.maps, 1, 1), turned.dim[2] = 6, turned.stride[2] = 8;
    o.accel[0] = 1, o.accel[1] = 2;
    CHECK_STATUS(mv_sense(T, &x, &was, &turned, &o), MEDVOL_E_SHAPE);
    CHECK(strstr(mv_message(T), "does not repeat"));
    o.accel[0] = 2, o.accel[1] = 0, o.shift = 0, o.lambda = -1;
    CHECK_STATUS(mv_sense(T, &x, &g.y, &g.maps, &o), MEDVOL_E_RANGE);
    o.lambda = 0, o.accel[0] = 6; /* of three coils */
    CHECK_STATUS(mv_sense(T, &x, &g.y, &g.maps, &o), MEDVOL_E_SINGULAR);
    CHECK_STATUS(mv_sense(T, &g.maps, &g.y, &g.maps, &o), MEDVOL_E_ALIAS);
    o.accel[0] = 2, o.gfactor = &x;
    CHECK_STATUS(mv_sense(T, &x, &g.y, &g.maps, &o), MEDVOL_E_ALIAS);
    was = bent(&g.m, 1, 5), o.gfactor = &was;
    CHECK_STATUS(mv_sense(T, &x, &g.y, &g.maps, &o), MEDVOL_E_SHAPE);
    was = bent(&g.y, 3, 1), was.ndim = 3;
    CHECK_STATUS(mv_sense(T, &x, &g.y, &g.maps, &o), MEDVOL_E_DTYPE);
    was.dtype = MEDVOL_F32;
    CHECK_STATUS(mv_sense(T, &x, &g.y, &g.maps, &o), MEDVOL_E_ALIAS);
    o.gfactor = NULL, o.accel[0] = 1;
    ((float *)g.y.data)[17] = (float)NAN;
    CHECK_STATUS(mv_sense(T, &x, &g.y, &g.maps, &o), MEDVOL_E_RANGE);
    memset(g.y.data, 0, 8 * 144);
    CHECK_STATUS(mv_sense(T, &x, &g.y, &g.maps, &o), MEDVOL_E_EMPTY);
    end(&g);
}
static void test_measure_errors(void) { /* and sizes and limits of all calls */
    const size_t much = (size_t)-1 / 8;
    mv_volume x = {0}, was;
    given g;
    if (!begin(&g)) return;
    CHECK_STATUS(mv_sense_forward(T, &x, &g.real, &g.maps, NULL), MEDVOL_E_DTYPE);
    CHECK_STATUS(mv_sense_adjoint(T, &x, &g.y, &g.real, NULL), MEDVOL_E_SHAPE);
    ((float *)g.m.data)[5] = (float)NAN;
    CHECK_STATUS(mv_sense_adjoint(T, &x, &g.y, &g.maps, &g.m), MEDVOL_E_RANGE);
    was = bent(&g.y, 4, 0); /* what lies beyond ndim must be 1 */
    CHECK_STATUS(mv_sense_adjoint(T, &x, &was, &g.maps, NULL), MEDVOL_E_SHAPE);
    was = bent(&g.y, 2, much);
    CHECK_STATUS(mv_sense_adjoint(T, &x, &was, &g.maps, NULL), MEDVOL_E_SIZE);
    CHECK_STATUS(mv_cg_sense(T, &x, &was, &g.maps, NULL), MEDVOL_E_SIZE);
    CHECK_STATUS(mv_sense(T, &x, &was, &g.maps, NULL), MEDVOL_E_SIZE);
    was = bent(&g.maps, 2, much);
    CHECK_STATUS(mv_sense_adjoint(T, &x, &g.y, &was, NULL), MEDVOL_E_SIZE);
    was = bent(&g.real, 2, 1), was.ndim = 7, was.dim[3] = much / 96, was.dtype = MEDVOL_C64;
    CHECK_STATUS(mv_sense_forward(T, &x, &was, &g.maps, NULL), MEDVOL_E_SIZE);
    T->desc.limits.max_bytes = 8 * 48 - 1;
    CHECK_STATUS(mv_sense_adjoint(T, &x, &g.y, &g.maps, NULL), MEDVOL_E_LIMIT);
    CHECK_STATUS(mv_cg_sense(T, &x, &g.y, &g.maps, NULL), MEDVOL_E_LIMIT);
    CHECK_STATUS(mv_sense(T, &x, &g.y, &g.maps, NULL), MEDVOL_E_LIMIT);
    was = bent(&g.y, 3, 1);
    CHECK_STATUS(mv_sense_forward(T, &x, &was, &g.maps, NULL), MEDVOL_E_LIMIT);
    T->desc.limits.max_bytes = 0;
    CHECK(!x.data);
    end(&g);
}
static void test_levels(void) { /* each level beside the scalar one */
    mv_volume maps, y, image, x = {0}, want = {0};
    const mv_cg_sense_opt q = {NULL, 0.01, 40, 0, NULL};
    mv_sense_opt o;
    int call, k;
    memset(&o, 0, sizeof o);
    o.accel[0] = 2, o.lambda = 0.01;
    if (!coils(&maps, 29, 18, 1, 5, 2) || !new_volume(&y, 29, 18, 1, 5, 2)) return;
    if (!new_volume(&image, 29, 18, 1, 2, 1)) return;
    t_seed(130);
    noise(&y), noise(&image);
    for (call = 0; call < 4; call++) {
        for (k = 0; k < 2; k++) {
            mv_volume *to = k ? &want : &x;
            if (k) mv_level_force(1);
            if (call == 0) CHECK_OK(mv_cg_sense(T, to, &y, &maps, &q));
            else if (call == 1) CHECK_OK(mv_sense(T, to, &y, &maps, &o));
            else if (call == 2) CHECK_OK(mv_sense_adjoint(T, to, &y, &maps, NULL));
            else CHECK_OK(mv_sense_forward(T, to, &image, &maps, NULL));
        }
        mv_level_force(t_level);
        CHECK(apart(&x, &want) < (call ? 1e-6 : 1e-5));
        mv_volume_free(T, &x), mv_volume_free(T, &want);
    }
    mv_volume_free(T, &maps), mv_volume_free(T, &y), mv_volume_free(T, &image);
}
/* 65 unknowns on one another are too many; 64 are not. */
static void test_many(void) {
    mv_volume maps, y, x = {0};
    mv_sense_opt o;
    memset(&o, 0, sizeof o);
    o.lambda = 0.1;
    if (!coils(&maps, 2, 65, 1, 2, 1) || !new_volume(&y, 2, 65, 1, 2, 1)) return;
    noise(&y);
    o.accel[0] = 65;
    CHECK_STATUS(mv_sense(T, &x, &y, &maps, &o), MEDVOL_E_UNSUPPORTED);
    mv_volume_free(T, &maps), mv_volume_free(T, &y);
    if (!coils(&maps, 2, 64, 1, 2, 1) || !new_volume(&y, 2, 64, 1, 2, 1)) return;
    noise(&y);
    o.accel[0] = 64;
    CHECK_OK(mv_sense(T, &x, &y, &maps, &o));
    mv_volume_free(T, &maps), mv_volume_free(T, &y), mv_volume_free(T, &x);
}
/* The bits of one thread, whatever their number; a volume cut into chunks. */
static void test_bits(void) {
    static float first[2][2 * 40 * 30 * 20];
    static int have;
    mv_volume maps, y, x = {0};
    mv_cg_sense_opt q;
    mv_sense_opt o;
    size_t i;
    int k;
    if (T_SMALL) return;
    memset(&o, 0, sizeof o);
    memset(&q, 0, sizeof q);
    q.iterations = 3;
    o.accel[0] = 2, o.accel[1] = 2;
    if (!coils(&maps, 40, 30, 20, 5, 1) || !new_volume(&y, 40, 30, 20, 5, 1)) return;
    t_seed(120);
    noise(&y);
    for (i = 0; i < mv_volume_count(&y); i++)
        if (i * 2654435761u % 1000 < 500) memset((float *)y.data + 2 * i, 0, 8);
    if (have != t_level) have = 0;
    for (k = 0; k < 2; k++) {
        CHECK_OK(k ? mv_sense(T, &x, &y, &maps, &o) : mv_cg_sense(T, &x, &y, &maps, &q));
        if (!have) memcpy(first[k], x.data, sizeof first[k]);
        CHECK(memcmp(first[k], x.data, sizeof first[k]) == 0);
        mv_volume_free(T, &x);
    }
    have = t_level;
    mv_volume_free(T, &maps), mv_volume_free(T, &y);
}

/* ---- BART's answers: pics -S -l2, with its own maps ---- */
/* |a| beside |b| after a scale: BART's data are scaled */
static double apart_in_modulus(const mv_volume *a, const mv_volume *b) {
    const size_t n = mv_volume_count(b);
    double xx = 0, xy = 0, yy = 0;
    size_t i;
    for (i = 0; i < n; i++) {
        const cplx p = at(a, i), q = at(b, i);
        const double x = hypot(p.re, p.im), y = hypot(q.re, q.im);
        xx += x * x, xy += x * y, yy += y * y;
    }
    return sqrt(fmax(0, 1 - xy * xy / xx / yy));
}
static void test_bart(void) {
    static const char *const names[2][3] = {{"sigpy_brain_8ch_230x180_ksp", "bart_ref/real_ecal",
        "bart_ref/real_pics_l2"}, {"bart_ref/und4", "bart_ref/ecal4", "bart_ref/pics_l2"}};
    mv_volume k, maps, want, x = {0};
    mv_cg_sense_opt o;
    int t;
    memset(&o, 0, sizeof o);
    o.iterations = 50;
    for (t = 0; t < 2; t++) {
        if (!t_shared(&k, names[t][0]) || !t_shared(&maps, names[t][1]) || !t_shared(&want, names[t][2])) {
            t_skip("no ../shared/data/recon");
            return;
        }
        o.lambda = t ? 0.001 : 0.01;
        CHECK_OK(mv_cg_sense(T, &x, &k, &maps, &o));
        CHECK_NEAR(apart_in_modulus(&x, &want), 0, 1e-3);
        mv_volume_free(T, &k), mv_volume_free(T, &maps), mv_volume_free(T, &want), mv_volume_free(T, &x);
    }
}

const t_case tests_sense[] = {
    {"bart", test_bart, 0},
    {"forward", test_forward, 0},
    {"adjoint", test_adjoint, 0},
    {"cg_dense", test_cg_dense, 0},
    {"cg_many_steps", test_cg_many_steps, 0},
    {"cg_exact", test_cg_exact, 0},
    {"cg_series", test_cg_series, 0},
    {"unfold", test_unfold, 0},
    {"unfold_dark", test_unfold_dark, 0},
    {"agree", test_agree, 0},
    {"many", test_many, 0},
    {"bits", test_bits, 0},
    {"cancel", test_cancel, 0},
    {"progress", test_progress, T_ONCE},
    {"cg_errors", test_cg_errors, T_ONCE},
    {"unfold_errors", test_unfold_errors, T_ONCE},
    {"measure_errors", test_measure_errors, T_ONCE},
    {"levels", test_levels, 0},
    {NULL, NULL, 0},
};
