/* test_cuda_correlate.cpp - [CORRELATE] of medvol_cuda.h beside medvol.h. Sums agree to rounding, counts and flags
   exactly, chi2_map to the bit; device results go to pinned or ordinary memory. */
#include "cuda_test.h"

static const shape shapes[] = {{1, {1}},         {1, {2}},         {1, {31}},          {2, {257, 3}},
                               {3, {33, 31, 1}}, {3, {7, 33, 31}}, {4, {5, 6, 7, 3}}, {1, {35003}},
                               {2, {1, 130}},    {3, {68, 40, 13}}, {7, {2, 3, 2, 1, 3, 2, 2}}};
enum { SHAPES = sizeof shapes / sizeof *shapes };
static const mv_dtype types[] = {MEDVOL_F32, MEDVOL_I16, MEDVOL_U8,  MEDVOL_F64, MEDVOL_U16, MEDVOL_F16,
                                 MEDVOL_I8,  MEDVOL_I32, MEDVOL_U64, MEDVOL_I64, MEDVOL_U32, MEDVOL_BF16};
enum { TYPES = 12 };
static void put(unsigned char *p, mv_dtype type, double x) {
    (void)mv_convert_array(NULL, p, type, &x, MEDVOL_F64, 1, 1.0, 0.0);
}
static double got(const unsigned char *p, mv_dtype type) {
    double x = 0.0;
    (void)mv_convert_array(NULL, &x, MEDVOL_F64, p, type, 1, 1.0, 0.0);
    return x;
}
/* odd: NaN and infinities too, where the type has them */
static void fill(twin *t, double mean, double sd, int odd) {
    const mv_dtype type = t->host.dtype;
    odd = odd && (type == MEDVOL_F16 || type == MEDVOL_BF16 || type == MEDVOL_F32 || type == MEDVOL_F64);
    each(&t->host, [&](unsigned char *p) {
        const unsigned r = draw() % 64;
        double x = mean + sd * (uniform() + uniform() + uniform() + uniform() - 2.0);
        if (odd && r == 6) x = NAN;
        if (odd && r == 7) x = r % 2 ? INFINITY : -INFINITY;
        put(p, type, x);
    });
    send(t);
}
/* b's voxels lean on a's */
static void lean(twin *b, const twin *a, double by) {
    size_t i = 0;
    double *x = (double *)calloc(mv_volume_count(&a->host) + 1, sizeof *x);
    each(&a->host, [&](unsigned char *p) { x[i++] = got(p, a->host.dtype); });
    if (mv_volume_count(&b->host) == i) {
        i = 0;
        each(&b->host, [&](unsigned char *p) {
            const double y = got(p, b->host.dtype) + by * x[i++];
            if (y - y == 0.0) put(p, b->host.dtype, y);
        });
    }
    send(b);
    free(x);
}
static void scale(twin *t, double slope, double inter) {
    t->host.slope = t->device.slope = slope;
    t->host.inter = t->device.inter = inter;
}
static int near_to(double x, double y, double by) {
    if (x != x || y != y) return x != x && y != y;
    return x == y || fabs(x - y) <= by;
}
static void same_correlation(const mv_correlation *g, const mv_correlation *c, int line) {
    const double va = c->sd_a * c->sd_a, vb = c->sd_b * c->sd_b;
    check(g->count == c->count && g->skipped == c->skipped && g->flags == c->flags, "counts, flags", line);
    check(near_to(g->r, c->r, 1e-12), "r", line);
    check(near_to(g->mean_a, c->mean_a, 1e-12 * (fabs(c->mean_a) + c->sd_a)), "mean of a", line);
    check(near_to(g->mean_b, c->mean_b, 1e-12 * (fabs(c->mean_b) + c->sd_b)), "mean of b", line);
    check(near_to(g->sd_a, c->sd_a, 1e-11 * c->sd_a), "sd of a", line);
    check(near_to(g->sd_b, c->sd_b, 1e-11 * c->sd_b), "sd of b", line);
    check(near_to(g->covariance, c->covariance, 1e-11 * sqrt(va * vb)), "covariance", line);
}
/* c's residual is a difference of what is r^-2 as large: with it go the variances */
static void same_gain(const mv_gain_offset *g, const mv_gain_offset *c, double size, int line) {
    const double n = (double)c->count, all = c->residual / (1.0 - c->r * c->r + 1e-15) + 1e-300,
                 lost = 1e-11 * all / (c->residual + 1e-300), by = 1e-10 + (lost < 1e300 ? lost : 0.0);
    check(g->count == c->count && g->skipped == c->skipped && g->flags == c->flags && n >= 0, "counts, flags",
          line);
    check(near_to(g->gain, c->gain, 1e-11 * (1 + fabs(c->gain))), "gain", line);
    check(near_to(g->offset, c->offset, 1e-11 * (size + fabs(c->offset))), "offset", line);
    check(near_to(g->residual, c->residual, 1e-10 * (size + fabs(c->residual))), "residual", line);
    check(near_to(g->r, c->r, 1e-12), "r", line);
    check(near_to(g->var_gain, c->var_gain, by * fabs(c->var_gain)), "var_gain", line);
    check(near_to(g->var_offset, c->var_offset, by * fabs(c->var_offset)), "var_offset", line);
    check(near_to(g->covariance, c->covariance, by * fabs(c->covariance)), "covariance", line);
}
static void same_chi2(const mv_chi2_sum *g, const mv_chi2_sum *c, int line) {
    check(g->count == c->count && g->skipped == c->skipped && g->dof == c->dof, "counts", line);
    check(near_to(g->chi2, c->chi2, 1e-12 * fabs(c->chi2)), "chi2", line);
    check(near_to(g->reduced, c->reduced, 1e-12 * fabs(c->reduced)), "reduced", line);
}
static void *pinned(size_t bytes) {
    void *p = NULL;
    CHECK_STATUS(mv_cuda_host_alloc(&gpu, &p, bytes), MEDVOL_OK);
    memset(p, 0x55, bytes);
    return p;
}
static void unpin(void *p) { CHECK_STATUS(mv_cuda_host_free(&gpu, p), MEDVOL_OK); }

/* One set of volumes by all three reductions, waiting or not */
static void compare(twin *a, twin *b, twin *mask, twin *w, int split, int line) {
    const size_t n = split ? a->host.dim[split - 1] : 1;
    mv_correlation *pc = (mv_correlation *)pinned(n * sizeof *pc),
        *hc = (mv_correlation *)calloc(n, sizeof *hc);
    mv_gain_offset *pg = (mv_gain_offset *)pinned(n * sizeof *pg),
        *hg = (mv_gain_offset *)calloc(n, sizeof *hg);
    mv_chi2_sum *px = (mv_chi2_sum *)pinned(n * sizeof *px), *hx = (mv_chi2_sum *)calloc(n, sizeof *hx);
    double *sigmas = (double *)calloc(n, sizeof *sigmas);
    mv_ncc_opt no, nd;
    mv_gain_opt go, gd;
    mv_chi2_opt xo, xd;
    size_t i;
    memset(&no, 0, sizeof no), memset(&go, 0, sizeof go), memset(&xo, 0, sizeof xo);
    no.mask = go.mask = xo.mask = mask ? &mask->host : NULL;
    no.weights = go.weights = w ? &w->host : NULL;
    no.split = go.split = xo.split = split;
    go.known = (int)(draw() % 2);
    xo.fitted = 2;
    nd = no, gd = go;
    nd.mask = gd.mask = mask ? &mask->device : NULL;
    nd.weights = gd.weights = w ? &w->device : NULL;
    CHECK_STATUS(mv_ncc(&cpu, hc, &a->host, &b->host, &no), MEDVOL_OK);
    CHECK_SETTLED(mv_cuda_ncc(&gpu, pc, &a->device, &b->device, &nd), MEDVOL_OK);
    CHECK_STATUS(mv_fit_gain_offset(&cpu, hg, &a->host, &b->host, &go), MEDVOL_OK);
    CHECK_SETTLED(mv_cuda_fit_gain_offset(&gpu, pg, &a->device, &b->device, &gd), MEDVOL_OK);
    for (i = 0; i < n; i++) sigmas[i] = 0.5 + uniform();
    if (w) each(&w->host, [&](unsigned char *p) { if (!(got(p, w->host.dtype) > 0)) put(p, w->host.dtype,
                                                                                        1); });
    if (w) send(w), xo.sigma_map = &w->host;
    else if (split) xo.sigmas = sigmas;
    else xo.sigma = 0.7;
    xd = xo;
    xd.mask = mask ? &mask->device : NULL;
    xd.sigma_map = w ? &w->device : NULL;
    CHECK_STATUS(mv_chi2(&cpu, hx, &a->host, split == 1 ? NULL : &b->host, &xo), MEDVOL_OK);
    CHECK_SETTLED(mv_cuda_chi2(&gpu, px, &a->device, split == 1 ? NULL : &b->device, &xd), MEDVOL_OK);
    for (i = 0; i < n; i++) {
        same_correlation(&pc[i], &hc[i], line);
        same_gain(&pg[i], &hg[i], (fabs(hc[i].mean_a) + hc[i].sd_a) *
                  (1.0 + hc[i].sd_a * (double)hc[i].count), line);
        same_chi2(&px[i], &hx[i], line);
    }
    keep(pc, n * sizeof *pc), keep(pg, n * sizeof *pg), keep(px, n * sizeof *px);
    memcpy(hc, pc, n * sizeof *pc), memset(pc, 0x55, n * sizeof *pc);
    CHECK_STATUS(mv_cuda_ncc_wait(&gpu, pc, &a->device, &b->device, &nd), MEDVOL_OK);
    if (!w) check(!memcmp(hc, pc, n * sizeof *pc), "the same, waiting", line);
    memcpy(hx, px, n * sizeof *px), memset(px, 0x55, n * sizeof *px);
    CHECK_STATUS(mv_cuda_chi2_wait(&gpu, px, &a->device, split == 1 ? NULL : &b->device, &xd), MEDVOL_OK);
    check(!memcmp(hx, px, n * sizeof *px), "the same, waiting", line);
    CHECK_STATUS(mv_cuda_fit_gain_offset_wait(&gpu, hg, &a->device, &b->device, &gd), MEDVOL_OK);
    if (!w) check(!memcmp(hg, pg, n * sizeof *pg), "the same, waiting", line);
    unpin(pc), unpin(pg), unpin(px);
    free(hc), free(hg), free(hx), free(sigmas);
}
/* dims of v, those in `ones` 1 */
static shape part_of(const shape *s, unsigned ones) {
    shape t = *s;
    int d;
    for (d = 0; d < s->ndim; d++)
        if (ones >> d & 1u) t.dim[d] = 1;
    return t;
}
static void test_volumes(void) {
    int j, k = 0, turn;
    for (j = 0; j < SHAPES; j++)
        for (turn = 0; turn < 7; turn++, k++) {
            const shape *s = &shapes[j];
            const shape sb = part_of(s, turn == 3 ? draw() % (1u << s->ndim) : 0),
                        sm = part_of(s, turn % 2 ? draw() % (1u << s->ndim) : 0),
                        sw = part_of(s, turn > 4 ? draw() % (1u << s->ndim) : 0);
            const mv_dtype ta = types[k % TYPES], tb = turn < 4 ? ta : types[(k / 3) % TYPES];
            const int odd = turn > 1, split_at = turn % 3 ? (int)(draw() % (unsigned)(s->ndim + 1)) : 0,
                      split = split_at && s->dim[split_at - 1] > 300 ? 0 : split_at;
            twin a, b, m, w;
            if (spared()) continue;
            snprintf(about, sizeof about, "shape %d turn %d %s %s split %d", j, turn, mv_dtype_name(ta),
                     mv_dtype_name(tb), split);
            twin_make(&a, ta, s, k % LAYOUTS), twin_make(&b, tb, &sb, (k / 3) % LAYOUTS);
            twin_make(&m, turn % 4 < 2 ? MEDVOL_U8 : types[k % 7], &sm, k % LAYOUTS);
            twin_make(&w, turn == 6 ? MEDVOL_U16 : turn == 5 ? MEDVOL_F64 : MEDVOL_F32, &sw,
                      k % 2 ? PLAIN : SHIFTED);
            fill(&a, 40, 20, odd), fill(&b, 30, 15, odd), lean(&b, &a, 0.5);
            fill(&m, 0.4, 1.5, 0), fill(&w, 2.0, 0.9, 0);
            if (turn == 2 || turn == 6) scale(&a, 0.5, -3.0), scale(&b, -2.0, 1.0), scale(&m, -1.0, 0.5);
            if (turn == 6) scale(&w, 0.25, 0.5);
            each(&w.host, [&](unsigned char *p) { if (draw() % 9 == 0 && turn < 6) put(p, w.host.dtype,
                                                                                       0.0); });
            send(&w);
            compare(&a, &b, turn % 2 ? &m : NULL, turn >= 4 ? &w : NULL, split, __LINE__);
            twin_free(&a), twin_free(&b), twin_free(&m), twin_free(&w);
        }
}
/* A mean far from zero, constants, nothing that counts */
static void test_hard(void) {
    static const shape s = {2, {70001, 2}};
    int turn;
    for (turn = 0; turn < 5; turn++) {
        mv_correlation g[2], c[2];
        mv_gain_offset gg[2], gc[2];
        mv_ncc_opt o;
        mv_gain_opt og;
        twin a, b;
        memset(&o, 0, sizeof o), memset(&og, 0, sizeof og), o.split = og.split = 2;
        snprintf(about, sizeof about, "hard %d", turn);
        twin_make(&a, turn == 4 ? MEDVOL_F64 : MEDVOL_F32, &s, PLAIN), twin_make(&b, a.host.dtype, &s, PLAIN);
        fill(&a, 1e6, turn == 1 ? 0 : 1, 0), fill(&b, 1e6, turn == 2 ? 0 : 1, 0);
        if (turn == 3) fill(&a, NAN, 1, 0);
        if (turn == 4) lean(&b, &a, 3.0);
        CHECK_STATUS(mv_ncc(&cpu, c, &a.host, &b.host, &o), MEDVOL_OK);
        CHECK_STATUS(mv_cuda_ncc_wait(&gpu, g, &a.device, &b.device, &o), MEDVOL_OK);
        CHECK_STATUS(mv_fit_gain_offset(&cpu, gc, &b.host, &a.host, &og), MEDVOL_OK);
        CHECK_STATUS(mv_cuda_fit_gain_offset_wait(&gpu, gg, &b.device, &a.device, &og), MEDVOL_OK);
        same_correlation(&g[0], &c[0], __LINE__), same_correlation(&g[1], &c[1], __LINE__);
        same_gain(&gg[0], &gc[0], 1e8, __LINE__), same_gain(&gg[1], &gc[1], 1e8, __LINE__);
        if (turn == 1) CHECK(g[0].flags == MEDVOL_FIT_CONSTANT_A && g[0].r != g[0].r);
        if (turn == 4) CHECK(fabs(gg[0].gain - 3.0) < 0.02);
        keep(g, sizeof g), keep(gg, sizeof gg);
        twin_free(&a), twin_free(&b);
    }
}
static void test_arrays(void) {
    static const size_t ns[] = {1, 31, 257, 1025, 4099};
    size_t k, rows, i;
    for (k = 0; k < 5; k++)
        for (rows = 1; rows < 6; rows += 4) {
            const size_t n = ns[k], dim[2] = {n, rows}, one[1] = {n};
            mv_correlation *g = (mv_correlation *)pinned(rows * sizeof *g), c[5];
            mv_gain_offset *gg = (mv_gain_offset *)pinned(rows * sizeof *gg), gc[5];
            twin a, b, r, w, e, f;
            snprintf(about, sizeof about, "%zu rows of %zu", rows, n);
            twin_make(&a, MEDVOL_F32, 2, dim, SHIFTED), twin_make(&b, MEDVOL_F32, 2, dim, PLAIN);
            twin_make(&r, MEDVOL_F32, 1, one, PLAIN), twin_make(&w, MEDVOL_F32, 1, one, SHIFTED);
            twin_make(&e, MEDVOL_F64, 1, one, PLAIN), twin_make(&f, MEDVOL_F64, 1, one, SHIFTED);
            fill(&a, 5, 3, 1), fill(&b, 5, 3, 1), lean(&b, &a, 1), fill(&r, 2, 3, 1), fill(&w, 3, 1, 0);
            fill(&e, 1, 1, 1), fill(&f, 1, 1, 0), lean(&f, &e, -2);
#define F(t, where) ((float *)t.where.data)
            CHECK_STATUS(mv_pearson_rows_f32(&cpu, c, F(a, host), rows, F(r, host), n), MEDVOL_OK);
            CHECK_SETTLED(mv_cuda_pearson_rows_f32(&gpu, g, F(a, device), rows, F(r, device), n), MEDVOL_OK);
            for (i = 0; i < rows; i++) same_correlation(&g[i], &c[i], __LINE__);
            keep(g, rows * sizeof *g);
            CHECK_STATUS(mv_pearson_f32(&cpu, c, F(a, host), F(b, host), F(w, host), n), MEDVOL_OK);
            CHECK_SETTLED(mv_cuda_pearson_f32(&gpu, g, F(a, device), F(b, device), F(w, device), n),
                          MEDVOL_OK);
            same_correlation(g, c, __LINE__);
            CHECK_STATUS(mv_pearson_f64(&cpu, c, (double *)e.host.data, (double *)f.host.data, NULL, n),
                         MEDVOL_OK);
            CHECK_SETTLED(mv_cuda_pearson_f64(&gpu, g, (double *)e.device.data, (double *)f.device.data, NULL,
                                              n),
                          MEDVOL_OK);
            same_correlation(g, c, __LINE__);
            for (i = 0; i < 4; i++) {
                const int each_row = i % 2 == 1;
                size_t j;
                CHECK_STATUS(mv_fit_gain_offset_f32(&cpu, gc, F(a, host), rows,
                                                    each_row ? F(b, host) : F(r, host),
                                                    each_row, i > 1 ? F(w, host) : NULL, n), MEDVOL_OK);
                CHECK_SETTLED(mv_cuda_fit_gain_offset_f32(&gpu, gg, F(a, device), rows,
                                                          each_row ? F(b, device) : F(r, device), each_row,
                                                          i > 1 ? F(w, device) : NULL, n), MEDVOL_OK);
                for (j = 0; j < rows; j++) same_gain(&gg[j], &gc[j], 20.0 * (double)n, __LINE__);
            }
            CHECK_STATUS(mv_pearson_rows_f32(&cpu, c, F(a, host), rows, F(r, host), 0), MEDVOL_OK);
            CHECK_SETTLED(mv_cuda_pearson_rows_f32(&gpu, g, F(a, device), rows, F(r, device), 0), MEDVOL_OK);
            for (i = 0; i < rows; i++) same_correlation(&g[i], &c[i], __LINE__);
            unpin(g), unpin(gg);
            twin_free(&a), twin_free(&b), twin_free(&r), twin_free(&w), twin_free(&e), twin_free(&f);
        }
}
/* ---- lags ---- */
/* Both calls of both headers on the same numbers, f32's rounded; what is NaN must be so in both. */
static void lags_by_both(const double *a, const double *b, const size_t *size, double by, int line) {
    const size_t rows = size[0], n = size[1], width = 2 * size[2] + 1, all = rows * n, bytes = rows * width * 8;
    const size_t dim[2] = {n, rows}, least = size[3];
    double *want = (double *)calloc(rows * width, sizeof *want), *there = (double *)dev_alloc(bytes), *out, off = 0.0;
    int turn, same = 1;
    size_t i, at;
    twin x[4];
    snprintf(about, sizeof about, "%zu rows of %zu, %zu lags", rows, n, size[2]);
    for (turn = 0; turn < 4; turn++) {
        twin_make(&x[turn], turn < 2 ? MEDVOL_F64 : MEDVOL_F32, 2, dim, turn % 2 ? SHIFTED : PLAIN);
        at = 0;
        each(&x[turn].host, [&](unsigned char *p) { put(p, x[turn].host.dtype, (turn % 2 ? b : a)[at++]); });
        CHECK(at == all);
        send(&x[turn]);
    }
    out = (double *)pinned(bytes);
    for (turn = 0; turn < 4; turn++) { /* into pinned memory, the device's */
        double *const to = turn % 2 ? there : out;
        const twin *const y = x + turn / 2 * 2;
        check_status(turn < 2 ? mv_pearson_lags_f64(&cpu, want, (double *)y[0].host.data, (double *)y[1].host.data, rows,
                                                    n, size[2], least)
                              : mv_pearson_lags_f32(&cpu, want, (float *)y[0].host.data, (float *)y[1].host.data, rows, n,
                                                    size[2], least), MEDVOL_OK, "processor", line);
        settled_at(turn < 2 ? mv_cuda_pearson_lags_f64(&gpu, to, (double *)y[0].device.data, (double *)y[1].device.data,
                                                       rows, n, size[2], least)
                            : mv_cuda_pearson_lags_f32(&gpu, to, (float *)y[0].device.data, (float *)y[1].device.data, rows,
                                                       n, size[2], least), MEDVOL_OK, __FILE__, line);
        if (turn % 2) check(dev_get(out, there, bytes), "back", line);
        keep(out, bytes);
        for (i = 0; i < rows * width; i++) {
            same = same && (out[i] != out[i]) == (want[i] != want[i]) && !(fabs(out[i]) > 1.0);
            off = want[i] == want[i] && !(fabs(out[i] - want[i]) <= off) ? fabs(out[i] - want[i]) : off;
        }
    }
    snprintf(about + strlen(about), sizeof about - strlen(about), ": off by %g", off);
    check(same, "NaN where the processor has it, and nothing beyond 1", line);
    check(off <= by, "r", line);
    dev_free(there), unpin(out);
    free(want);
    for (turn = 0; turn < 4; turn++) twin_free(&x[turn]);
}
static void test_lags(void) {
    /* rows, values, lags, least: 8, 4, 2 rows a block, one; more lags than values, than a block takes; longer than a
       block holds, several stretches */
    static const size_t sizes[][4] = {{1, 1, 0, 0},     {2, 1, 3, 0},      {3, 3, 2, 2},     {2, 7, 9, 3},      {11, 16, 7, 0},
                                      {9, 31, 16, 0},   {3, 33, 40, 10},   {5, 256, 6, 0},   {1, 257, 256, 0},  {13, 300, 12, 0},
                                      {3, 1000, 30, 0}, {2, 1024, 63, 0},  {2, 1025, 64, 0}, {1, 2048, 5, 0},   {2, 2049, 5, 0},
                                      {1, 700, 150, 0}, {1, 8192, 20, 0},  {2, 9001, 33, 8990}, {1, 20011, 9, 0}};
    size_t k, i;
    for (k = 0; k < sizeof sizes / sizeof *sizes; k++) {
        const size_t all = sizes[k][0] * sizes[k][1], n = sizes[k][1];
        double *a = (double *)calloc(2 * all, sizeof *a), *b = a + all;
        for (i = 0; i < all; i++) {
            a[i] = 1e6 + 4.0 * uniform(); /* a mean a million times the signal */
            b[i] = 0.5 * (a[i] - 1e6) + uniform() - 300.0;
            if (k % 3 == 1 && i % n >= n / 2) b[i] += 4.0 + 0.01 * (double)(i % n);
        }
        lags_by_both(a, b, sizes[k], 1e-10, __LINE__);
        free(a);
    }
}
static void test_lags_hard(void) { /* constants, NaN, infinity, numbers that overflow; short rows and long ones */
    static const size_t sizes[][4] = {{5, 240, 60, 0}, {3, 9000, 30, 0}, {4, 60, 6, 0}};
    size_t k, i, turn;
    for (k = 0; k < 3; k++)
        for (turn = 0; turn < 6; turn++) {
            const size_t rows = sizes[k][0], n = sizes[k][1], all = rows * n;
            double *a = (double *)calloc(2 * all, sizeof *a), *b = a + all;
            for (i = 0; i < all; i++) {
                const size_t at = i % n;
                a[i] = 1.25 * (double)(at % 7) + 0.1 * (double)(i / n), b[i] = uniform();
                if (turn == 0) b[i] = at < n - 12 ? 0.1 : (double)(at % 5);
                if (turn == 1) a[i] = at < n - 5 ? (double)(at % 3) : 50.0, b[i] = at < 9 ? (double)(at % 2) : 0.3;
                if (turn == 2 && (at == 3 || at == n - 2)) *(at == 3 ? &a[i] : &b[i]) = at == 3 ? NAN : -HUGE_VAL;
                if (turn == 3 && i == n + 5) a[i] = NAN; /* of one row: the others do not see it */
                if (turn == 4) a[i] = i < n ? NAN : 7.0;
                if (turn == 5) a[i] = at % 2 ? 1e200 : 0.0;
            }
            lags_by_both(a, b, sizes[k], 1e-10, __LINE__);
            free(a);
        }
}
static void test_lags_shift(void) { /* found where it is; in a graph; what is refused */
    enum { N = 240, L = 60, W = 2 * L + 1 };
    static const size_t dim[1] = {3 * N};
    double *out = (double *)pinned(W * sizeof *out), want[W];
    mv_cuda_graph graph;
    twin a, b;
    float *x, *y, *dx, *dy;
    int s, k, best, i;
    memset(&graph, 0, sizeof graph);
    twin_make(&a, MEDVOL_F32, 1, dim, PLAIN), twin_make(&b, MEDVOL_F32, 1, dim, PLAIN);
    x = (float *)a.host.data, y = (float *)b.host.data, dx = (float *)a.device.data, dy = (float *)b.device.data;
    for (s = -L; s <= L; s += 24) {
        for (i = 0; i < N; i++) x[i] = (float)(draw() % 1000);
        for (i = 0; i < N; i++) y[i] = i - s >= 0 && i - s < N ? -3 * x[i - s] + 7 : (float)(draw() % 100);
        send(&a), send(&b);
        if (s == -L) {
            CHECK_SETTLED(mv_cuda_pearson_lags_f32(&gpu, out, dx, dy, 1, N, L, 0), MEDVOL_OK);
            CHECK_STATUS(mv_cuda_capture_begin(&gpu), MEDVOL_OK);
            CHECK_STATUS(mv_cuda_pearson_lags_f32(&gpu, out, dx, dy, 1, N, L, 0), MEDVOL_OK);
            CHECK_STATUS(mv_cuda_capture_end(&gpu, &graph), MEDVOL_OK);
        }
        for (i = 0; i < W; i++) out[i] = 0.0;
        CHECK_STATUS(mv_cuda_graph_launch(&gpu, &graph), MEDVOL_OK);
        CHECK_STATUS(mv_cuda_sync(&gpu), MEDVOL_OK);
        for (best = 0, k = 1; k < W; k++)
            if (fabs(out[k]) > fabs(out[best])) best = k;
        CHECK(best == L + s && fabs(out[best] + 1.0) < 1e-12);
        keep(out, W * sizeof *out);
    }
    mv_cuda_graph_free(&gpu, &graph);
    for (i = 0; i < W; i++) out[i] = want[i] = 5.0;
#define REFUSED(o, p, q, rows, n, lags)                                                                              \
    do {                                                                                                             \
        const mv_status st = mv_pearson_lags_f32(&cpu, (o) ? want : NULL, (p) ? x : NULL, (q) ? y : NULL, rows, n,   \
                                                 lags, 0);                                                           \
        CHECK(st < 0);                                                                                               \
        CHECK_SETTLED(mv_cuda_pearson_lags_f32(&gpu, (o) ? out : NULL, (p) ? dx : NULL, (q) ? dy : NULL, rows, n,    \
                                               lags, 0), st);                                                        \
    } while (0)
    REFUSED(0, 1, 1, 1, 4, 1);
    REFUSED(1, 0, 1, 1, 4, 1);
    REFUSED(1, 1, 0, 1, 4, 1);
    REFUSED(1, 1, 1, 0, 4, 1);
    REFUSED(1, 1, 1, 1, 0, 1);
    REFUSED(1, 1, 1, (size_t)-1 / 4, 9, 1);
    REFUSED(1, 1, 1, 1, 9, (size_t)-1 / 2);
#undef REFUSED
    CHECK_STATUS(mv_cuda_pearson_lags_f32(&gpu, (double *)(void *)dx, dx, dy, 1, 4, 1, 0), MEDVOL_E_ALIAS);
    CHECK_STATUS(mv_cuda_pearson_lags_f32(&gpu, (double *)(void *)(dy + 2), dx, dy, 1, 4, 1, 0), MEDVOL_E_ALIAS);
    CHECK_STATUS(mv_cuda_pearson_lags_f32(&gpu, want, dx, dy, 1, 4, 1, 0), MEDVOL_E_POINTER);
    CHECK_STATUS(mv_cuda_pearson_lags_f32(&gpu, out, x, dy, 1, 4, 1, 0), MEDVOL_E_POINTER);
    CHECK_STATUS(mv_cuda_pearson_lags_f32(&gpu, out, dx, y, 1, 4, 1, 0), MEDVOL_E_POINTER);
    CHECK_STATUS(mv_cuda_pearson_lags_f32(NULL, out, dx, dy, 1, 4, 1, 0), MEDVOL_E_NULL);
    CHECK_STATUS(mv_cuda_pearson_lags_f32(&gpu, out, dx, dy, 1, ((size_t)1 << 30) + 1, 1, 0), MEDVOL_E_UNSUPPORTED);
    CHECK(out[0] == 5.0 && out[W - 1] == 5.0);
    unpin(out);
    twin_free(&a), twin_free(&b);
}
/* ---- the map ---- */
static void same_map(const mv_volume *d, const mv_volume *h, int line) {
    mv_volume back;
    size_t i = 0, n = mv_volume_count(h);
    float *x = (float *)calloc(n + 1, sizeof *x);
    int same = 1;
    memset(&back, 0, sizeof back);
    check(d->dtype == h->dtype && d->ndim == h->ndim && !memcmp(d->dim, h->dim, sizeof d->dim), "shape",
          line);
    check(!memcmp(d->affine, h->affine, sizeof d->affine) && d->slope == h->slope && d->inter == h->inter,
          "geometry, scaling", line);
    CHECK_STATUS(mv_cuda_download(&gpu, &back, d, MEDVOL_NONE, NULL), MEDVOL_OK);
    each(h, [&](unsigned char *p) { memcpy(&x[i++], p, 4); });
    for (i = 0; i < n; i++) {
        const float y = ((const float *)back.data)[i];
        same = same && (x[i] != x[i] ? y != y : !memcmp(&x[i], &y, 4));
    }
    check(same, "the same bits", line);
    keep(back.data, n * sizeof *x);
    mv_volume_free(&cpu, &back);
    free(x);
}
static void test_map(void) {
    static const shape series[] = {{4, {7, 6, 5, 4}},  {4, {33, 3, 2, 9}}, {3, {9, 8, 7}},
                                   {5, {4, 3, 5, 2, 3}}, {1, {600}},       {4, {257, 2, 1, 5}}, {2, {1, 40}}};
    int j, turn, k = 0;
    for (j = 0; j < 7; j++)
        for (turn = 0; turn < 8; turn++, k++) {
            const shape *s = &series[j];
            shape one = *s;
            mv_chi2_opt o, p;
            double sigmas[16];
            uint64_t skipped = 0, *there = (uint64_t *)pinned(8);
            twin a, b, m, w, out;
            mv_volume h, d;
            int c;
            one.ndim = s->ndim < 3 ? s->ndim : 3;
            snprintf(about, sizeof about, "series %d turn %d", j, turn);
            const mv_dtype ta = turn < 3 ? MEDVOL_F32 : types[k % TYPES], tb = turn < 5 ? ta : types[k % 5];
            /* views of five axes have frames that lie unevenly */
            const int lay = s->ndim > 4 && k % LAYOUTS == VIEW ? SHIFTED : k % LAYOUTS;
            twin_make(&a, ta, s, lay), twin_make(&b, tb, turn % 2 ? s : &one, k % 2 ? SHIFTED : PLAIN);
            twin_make(&m, turn % 2 ? MEDVOL_U8 : MEDVOL_F32, &one, k % LAYOUTS);
            twin_make(&w, turn % 3 ? MEDVOL_F32 : MEDVOL_I16, turn == 6 ? &one : s, PLAIN);
            twin_make(&out, MEDVOL_F32, &one, k % LAYOUTS);
            fill(&a, 10, 4, 1), fill(&b, 9, 4, 1), fill(&m, 1, 2, 0), fill(&w, 20, 4, 0);
            twin_place(&a);
            if (ta == MEDVOL_F32 && turn < 2) scale(&a, 1, 0);
            memset(&o, 0, sizeof o), memset(&h, 0, sizeof h), memset(&d, 0, sizeof d);
            for (c = 0; c < 16; c++) sigmas[c] = 0.25 + uniform();
            if (turn == 5 || turn == 6) o.sigma_map = &w.host;
            else if (turn % 2) o.sigmas = sigmas;
            else o.sigma = 0.3;
            o.reduced = turn % 3 == 0, o.fitted = turn % 2 ? 1 : 0;
            o.mask = turn > 1 ? &m.host : NULL;
            o.skipped = &skipped;
            p = o;
            p.sigma_map = o.sigma_map ? &w.device : NULL, p.mask = o.mask ? &m.device : NULL,
                p.skipped = there;
            CHECK_STATUS(mv_chi2_map(&cpu, &h, &a.host, turn == 4 ? NULL : &b.host, &o), MEDVOL_OK);
            CHECK_SETTLED(mv_cuda_chi2_map(&gpu, &d, &a.device, turn == 4 ? NULL : &b.device, &p), MEDVOL_OK);
            CHECK(*there == skipped);
            same_map(&d, &h, __LINE__);
            mv_volume_free(&cpu, &h), mv_cuda_volume_free(&gpu, &d);
            p.skipped = NULL;
            CHECK_STATUS(mv_chi2_map(&cpu, &out.host, &a.host, turn == 4 ? NULL : &b.host, &o), MEDVOL_OK);
            CHECK_SETTLED(mv_cuda_chi2_map(&gpu, &out.device, &a.device, turn == 4 ? NULL : &b.device, &p),
                          MEDVOL_OK);
            same_map(&out.device, &out.host, __LINE__);
            unpin(there);
            twin_free(&a), twin_free(&b), twin_free(&m), twin_free(&w), twin_free(&out);
        }
}
/* ---- what is refused: by both with the same status ---- */
static void test_refused(void) {
    static const shape s = {4, {6, 5, 4, 3}}, other = {4, {6, 5, 2, 3}}, one = {3, {6, 5, 4}},
        five = {5, {4, 2, 2, 2, 3}};
    mv_correlation hc[8], *c = (mv_correlation *)pinned(sizeof hc);
    mv_gain_offset hg[8], *g = (mv_gain_offset *)pinned(sizeof hg);
    mv_chi2_sum hx[8], *x = (mv_chi2_sum *)pinned(sizeof hx);
    double sigmas[4] = {1, 1, -1, 1};
    twin a, b, bad, z, m, v;
    mv_volume empty, h, d;
    mv_ncc_opt n, nd;
    mv_gain_opt q;
    mv_chi2_opt o, od;
    float *fa;
    memset(&empty, 0, sizeof empty);
    twin_make(&a, MEDVOL_F32, &s, PLAIN), twin_make(&b, MEDVOL_F32, &s, PLAIN);
    twin_make(&bad, MEDVOL_F32, &other, PLAIN), twin_make(&z, MEDVOL_C64, &s, PLAIN);
    twin_make(&m, MEDVOL_F32, &one, PLAIN), twin_make(&v, MEDVOL_F32, &five, VIEW);
    fill(&a, 0, 1, 0), fill(&b, 0, 1, 0), fill(&m, 1, 0, 0);
    fa = (float *)a.device.data;
    memset(&n, 0, sizeof n), memset(&q, 0, sizeof q), memset(&o, 0, sizeof o);
#define BOTH(CPU, GPU) status_both(CPU, GPU, __LINE__)
    auto status_both = [&](mv_status want, mv_status is, int line) {
        if (is == MEDVOL_OK) is = mv_cuda_sync(&gpu);
        check(want < 0, "the processor refuses", line);
        check_status(is, want, mv_cuda_message(&gpu), line);
    };
    BOTH(mv_ncc(&cpu, NULL, &a.host, &b.host, NULL), mv_cuda_ncc(&gpu, NULL, &a.device, &b.device, NULL));
    BOTH(mv_ncc(&cpu, hc, NULL, &b.host, NULL), mv_cuda_ncc(&gpu, c, NULL, &b.device, NULL));
    BOTH(mv_ncc(&cpu, hc, &a.host, NULL, NULL), mv_cuda_ncc(&gpu, c, &a.device, NULL, NULL));
    BOTH(mv_ncc(&cpu, hc, &empty, &b.host, NULL), mv_cuda_ncc(&gpu, c, &empty, &b.device, NULL));
    BOTH(mv_ncc(&cpu, hc, &a.host, &bad.host, NULL), mv_cuda_ncc(&gpu, c, &a.device, &bad.device, NULL));
    BOTH(mv_ncc(&cpu, hc, &a.host, &z.host, NULL), mv_cuda_ncc(&gpu, c, &a.device, &z.device, NULL));
    BOTH(mv_ncc(&cpu, hc, &z.host, &b.host, NULL), mv_cuda_ncc(&gpu, c, &z.device, &b.device, NULL));
    n.split = 5;
    BOTH(mv_ncc(&cpu, hc, &a.host, &b.host, &n), mv_cuda_ncc(&gpu, c, &a.device, &b.device, &n));
    n.split = -1;
    BOTH(mv_ncc(&cpu, hc, &a.host, &b.host, &n), mv_cuda_ncc(&gpu, c, &a.device, &b.device, &n));
    n.split = 0, n.mask = &bad.host, nd = n, nd.mask = &bad.device;
    BOTH(mv_ncc(&cpu, hc, &a.host, &b.host, &n), mv_cuda_ncc(&gpu, c, &a.device, &b.device, &nd));
    n.mask = NULL, n.weights = &b.host, nd = n,
        nd.weights = &b.device; /* some below 0: found by the device */
    BOTH(mv_ncc(&cpu, hc, &a.host, &b.host, &n), mv_cuda_ncc(&gpu, c, &a.device, &b.device, &nd));
    CHECK(c->r != c->r && c->mean_a != c->mean_a);
    CHECK_STATUS(mv_cuda_sync(&gpu), MEDVOL_OK); /* told once */
    memset(hc, 0x11, sizeof hc);
    CHECK_STATUS(mv_cuda_ncc_wait(&gpu, hc, &a.device, &b.device, &nd), MEDVOL_E_RANGE);
    CHECK(((unsigned char *)hc)[0] == 0x11);
    CHECK_STATUS(mv_cuda_ncc(&gpu, hc, &a.device, &b.device, NULL), MEDVOL_E_POINTER);
    CHECK_STATUS(mv_cuda_ncc(&gpu, c, &a.host, &b.device, NULL), MEDVOL_E_POINTER);
    CHECK_STATUS(mv_cuda_ncc(&gpu, c, &a.device, &b.host, NULL), MEDVOL_E_POINTER);
    BOTH(mv_pearson_f32(&cpu, hc, NULL, (float *)b.host.data, NULL, 4),
         mv_cuda_pearson_f32(&gpu, c, NULL, fa, NULL, 4));
    BOTH(mv_pearson_f32(&cpu, hc, (float *)b.host.data, NULL, NULL, 4),
         mv_cuda_pearson_f32(&gpu, c, fa, NULL, NULL, 4));
    BOTH(mv_pearson_rows_f32(&cpu, hc, (float *)b.host.data, 0, (float *)b.host.data, 4),
         mv_cuda_pearson_rows_f32(&gpu, c, fa, 0, fa, 4));
    BOTH(mv_fit_gain_offset(&cpu, NULL, &a.host, &b.host, &q),
         mv_cuda_fit_gain_offset(&gpu, NULL, &a.device, &b.device, &q));
    BOTH(mv_fit_gain_offset(&cpu, hg, &a.host, NULL, &q),
         mv_cuda_fit_gain_offset(&gpu, g, &a.device, NULL, &q));
    BOTH(mv_fit_gain_offset(&cpu, hg, &a.host, &bad.host, &q),
         mv_cuda_fit_gain_offset(&gpu, g, &a.device, &bad.device, &q));
    BOTH(mv_fit_gain_offset_f32(&cpu, hg, (float *)a.host.data, 0, (float *)b.host.data, 0, NULL, 4),
         mv_cuda_fit_gain_offset_f32(&gpu, g, fa, 0, fa, 0, NULL, 4));
    BOTH(mv_fit_gain_offset_f32(&cpu, hg, (float *)a.host.data, 1, (float *)b.host.data, 0, NULL, 0),
         mv_cuda_fit_gain_offset_f32(&gpu, g, fa, 1, fa, 0, NULL, 0));
    BOTH(mv_fit_gain_offset_f32(&cpu, hg, (float *)a.host.data, 1, NULL, 0, NULL, 4),
         mv_cuda_fit_gain_offset_f32(&gpu, g, fa, 1, NULL, 0, NULL, 4));
    /* chi-squared */
    memset(&h, 0, sizeof h), memset(&d, 0, sizeof d);
    for (int map = 0; map < 2; map++) {
#define CHI2(A, B, O, P)                                                                                    \
    BOTH(map ? mv_chi2_map(&cpu, &h, A.host_, B.host_, O) : mv_chi2(&cpu, hx, A.host_, B.host_, O),         \
         map ? mv_cuda_chi2_map(&gpu, &d, A.device_, B.device_, P)                                          \
             : mv_cuda_chi2(&gpu, x, A.device_, B.device_, P))
        struct side { mv_volume *host_, *device_; } A = {&a.host, &a.device}, B = {&b.host, &b.device},
            BAD = {&bad.host, &bad.device}, Z = {&z.host, &z.device}, NONE = {NULL, NULL};
        memset(&o, 0, sizeof o);
        CHI2(A, B, NULL, NULL);
        CHI2(A, B, &o, &o); /* no sigma */
        o.sigma = -1;
        CHI2(A, B, &o, &o);
        o.sigma = NAN;
        CHI2(A, B, &o, &o);
        o.sigma = 1, o.sigmas = sigmas;
        CHI2(A, B, &o, &o);
        o.sigma = 0, o.split = 4;
        CHI2(A, B, &o, &o); /* sigmas[2] < 0 */
        o.sigmas = NULL, o.sigma = 1, o.split = 0;
        CHI2(NONE, B, &o, &o);
        CHI2(Z, B, &o, &o);
        CHI2(A, BAD, &o, &o);
        o.mask = &bad.host, od = o, od.mask = &bad.device;
        CHI2(A, B, &o, &od);
        o.mask = NULL, o.sigma = 0, o.sigma_map = &b.host, od = o,
            od.sigma_map = &b.device; /* some below 0 */
        CHI2(A, B, &o, &od);
        CHECK(map || x->chi2 != x->chi2);
    }
    mv_cuda_volume_free(&gpu, &d);
    memset(&o, 0, sizeof o), o.sigma = 1;
    o.split = 0, o.sigmas = NULL;
    BOTH(mv_chi2(&cpu, NULL, &a.host, NULL, &o), mv_cuda_chi2(&gpu, NULL, &a.device, NULL, &o));
    BOTH(mv_chi2_map(&cpu, NULL, &a.host, NULL, &o), mv_cuda_chi2_map(&gpu, NULL, &a.device, NULL, &o));
    BOTH(mv_chi2_map(&cpu, &h, &v.host, NULL, &o), mv_cuda_chi2_map(&gpu, &d, &v.device, NULL, &o));
    BOTH(mv_chi2_map(&cpu, &b.host, &a.host, &b.host, &o),
         mv_cuda_chi2_map(&gpu, &b.device, &a.device, &b.device, &o));
    BOTH(mv_chi2_map(&cpu, &bad.host, &a.host, NULL, &o),
         mv_cuda_chi2_map(&gpu, &bad.device, &a.device, NULL, &o));
    o.mask = &m.host, od = o, od.mask = &m.device;
    BOTH(mv_chi2_map(&cpu, &m.host, &a.host, NULL, &o),
         mv_cuda_chi2_map(&gpu, &m.device, &a.device, NULL, &od));
    o.mask = NULL, o.sigma = 0, o.sigmas = sigmas;
    BOTH(mv_chi2(&cpu, hx, &a.host, NULL, &o), mv_cuda_chi2(&gpu, x, &a.device, NULL, &o));
    CHECK(h.data == NULL && d.data == NULL);
    { /* a bad sigma leaves what is there; what is skipped is counted all the same */
        uint64_t skipped = 0, *there = (uint64_t *)pinned(8);
        twin out;
        twin_make(&out, MEDVOL_F32, &one, PLAIN);
        memset(&o, 0, sizeof o), o.sigma = 1, o.skipped = &skipped;
        CHECK_STATUS(mv_chi2_map(&cpu, &h, &a.host, NULL, &o), MEDVOL_OK);
        mv_volume_free(&cpu, &h);
        memset(&o, 0, sizeof o), o.sigma_map = &b.device, o.skipped = there;
        CHECK_SETTLED(mv_cuda_chi2_map(&gpu, &out.device, &a.device, NULL, &o), MEDVOL_E_RANGE);
        CHECK(*there == skipped);
        unpin(there);
        unsigned char *back = (unsigned char *)malloc(out.bytes);
        CHECK(dev_get(back, out.there, out.bytes) && !memcmp(back, out.block, out.bytes));
        uint64_t count;
        o.sigma_map = NULL, o.sigma = 1, o.skipped = &count;
        CHECK_STATUS(mv_cuda_chi2_map(&gpu, &out.device, &a.device, NULL, &o), MEDVOL_E_POINTER);
        free(back);
        twin_free(&out);
    }
    unpin(c), unpin(g), unpin(x);
    twin_free(&a), twin_free(&b), twin_free(&bad), twin_free(&z), twin_free(&m), twin_free(&v);
}
/* What kernels read, as a profiler counts it: of each operand once, in whole sectors */
static void test_traffic(void) {
    static const shape s = {3, {96, 64, 16}};
    static const mv_dtype kind[] = {MEDVOL_U8, MEDVOL_I16, MEDVOL_F32, MEDVOL_F64};
    mv_correlation *c = (mv_correlation *)pinned(sizeof *c);
    mv_chi2_opt o;
    mv_volume d;
    emu_counts n;
    int i;
    if (!emu_check()) {
        unpin(c);
        return;
    }
    emu_profiling(1);
    for (i = 0; i < 4; i++) {
        const double sectors = 96.0 * 64 * 16 * 2 * (double)mv_dtype_size(kind[i]) / 32;
        twin a, b;
        twin_make(&a, kind[i], &s, PLAIN), twin_make(&b, kind[i], &s, PLAIN);
        fill(&a, 20, 9, 0), fill(&b, 20, 9, 0);
        CHECK_SETTLED(mv_cuda_ncc(&gpu, c, &a.device, &b.device, NULL), MEDVOL_OK);
        CHECK(emu_profile_of("cr_sums", &n));
        snprintf(about, sizeof about, "%s: %.3f sectors of the least", mv_dtype_name(kind[i]),
                 (double)n.load_sectors / sectors);
        CHECK((double)n.load_sectors <= 1.01 * sectors);
        if (kind[i] == MEDVOL_F32) {
            memset(&o, 0, sizeof o), memset(&d, 0, sizeof d), o.sigma = 1;
            CHECK_SETTLED(mv_cuda_chi2_map(&gpu, &d, &a.device, &b.device, &o), MEDVOL_OK);
            CHECK(emu_profile_of("cr_map", &n) && (double)n.load_sectors <= 1.15 * sectors &&
                  (double)n.store_sectors <= 1.01 * sectors / 2);
            mv_cuda_volume_free(&gpu, &d);
        }
        twin_free(&a), twin_free(&b);
    }
    emu_profiling(0);
    unpin(c);
}
static void test_capture(void) {
    static const shape s = {4, {33, 9, 5, 4}};
    mv_correlation *c = (mv_correlation *)pinned(4 * sizeof *c), want[4];
    mv_chi2_sum *x = (mv_chi2_sum *)pinned(4 * sizeof *x), wx[4];
    double sigmas[4] = {1, 2, 3, 4};
    mv_ncc_opt n;
    mv_chi2_opt o;
    mv_cuda_graph graph;
    twin a, b;
    int turn;
    memset(&n, 0, sizeof n), memset(&o, 0, sizeof o), memset(&graph, 0, sizeof graph);
    n.split = o.split = 4, o.sigmas = sigmas;
    snprintf(about, sizeof about, "captured");
    twin_make(&a, MEDVOL_I16, &s, VIEW), twin_make(&b, MEDVOL_F32, &s, SHIFTED);
    fill(&a, 10, 9, 0), fill(&b, 10, 9, 0);
    CHECK_SETTLED(mv_cuda_ncc(&gpu, c, &a.device, &b.device, &n), MEDVOL_OK);
    CHECK_SETTLED(mv_cuda_chi2(&gpu, x, &a.device, &b.device, &o), MEDVOL_OK);
    CHECK_STATUS(mv_cuda_capture_begin(&gpu), MEDVOL_OK);
    CHECK_STATUS(mv_cuda_ncc(&gpu, c, &a.device, &b.device, &n), MEDVOL_OK);
    CHECK_STATUS(mv_cuda_chi2(&gpu, x, &a.device, &b.device, &o), MEDVOL_OK);
    CHECK_STATUS(mv_cuda_capture_end(&gpu, &graph), MEDVOL_OK);
    CHECK_UNCAPTURED(mv_cuda_ncc_wait(&gpu, want, &a.device, &b.device, &n), MEDVOL_E_BUSY);
    memset(sigmas, 0, sizeof sigmas); /* read before the call came back */
    for (turn = 0; turn < 2; turn++) {
        const double kept[4] = {1, 2, 3, 4};
        fill(&a, 5 + turn, 9, 0);
        CHECK_STATUS(mv_cuda_graph_launch(&gpu, &graph), MEDVOL_OK);
        CHECK_STATUS(mv_cuda_sync(&gpu), MEDVOL_OK);
        o.sigmas = kept;
        CHECK_STATUS(mv_ncc(&cpu, want, &a.host, &b.host, &n), MEDVOL_OK);
        CHECK_STATUS(mv_chi2(&cpu, wx, &a.host, &b.host, &o), MEDVOL_OK);
        for (int i = 0; i < 4; i++) same_correlation(&c[i], &want[i], __LINE__),
            same_chi2(&x[i], &wx[i], __LINE__);
    }
    mv_cuda_graph_free(&gpu, &graph);
    unpin(c), unpin(x);
    twin_free(&a), twin_free(&b);
}

/* ---- likeness of images ---- */
/* A smooth picture with noise; b: another, alike */
static void picture(twin *t, double phase, double noise, int odd) {
    const size_t *n = t->host.dim;
    size_t i = 0;
    odd = odd && (t->host.dtype == MEDVOL_F32 || t->host.dtype == MEDVOL_F64);
    each(&t->host, [&](unsigned char *p) {
        const double x = (double)(i % n[0]), y = (double)(i / n[0] % n[1]), z = (double)(i / n[0] / n[1]);
        double v = 60 + 30 * sin(0.3 * x + phase) * cos(0.2 * y - phase) + 10 * sin(0.4 * z) + noise *
               (uniform() - 0.5);
        if (odd && draw() % 97 == 0) v = draw() % 2 ? NAN : INFINITY;
        put(p, t->host.dtype, v);
        i++;
    });
    send(t);
}
static void same_metrics(const mv_image_metrics *g, const mv_image_metrics *c, int line) {
    check(g->count == c->count && g->skipped == c->skipped && g->ssim_count == c->ssim_count, "counts", line);
    check(near_to(g->mse, c->mse, 1e-11 * c->mse) && near_to(g->mae, c->mae, 1e-11 * c->mae), "mse, mae",
          line);
    check(near_to(g->psnr, c->psnr, 1e-9) && near_to(g->ncc, c->ncc, 1e-12), "psnr, ncc", line);
    check(near_to(g->mi, c->mi, 1e-11) && near_to(g->nmi, c->nmi, 1e-11), "mi, nmi", line);
    check(near_to(g->entropy_a, c->entropy_a, 1e-11) && near_to(g->entropy_b, c->entropy_b, 1e-11) &&
          near_to(g->entropy_joint, c->entropy_joint, 1e-11), "entropies", line);
    check(near_to(g->lncc, c->lncc, 1e-6), "lncc", line);
    check(near_to(g->ssim, c->ssim, 1e-6), "ssim", line);
}
static const shape images[] = {{3, {33, 18, 11}}, {3, {12, 13, 14}}, {2, {40, 35}}, {1, {77}},
    {4, {17, 12, 1, 3}},
                               {3, {1, 37, 12}}};
static void test_metric(void) {
    int j, turn, k = 0;
    for (j = 0; j < 6; j++)
        for (turn = 0; turn < 9; turn++, k++) {
            const shape *s = &images[j], one = part_of(s, turn == 6 ? draw() % (1u << s->ndim) : 0);
            mv_image_metrics *g = (mv_image_metrics *)pinned(sizeof *g), c, w;
            mv_metric_opt o, p;
            twin a, b, m;
            snprintf(about, sizeof about, "image %d turn %d", j, turn);
            memset(&o, 0, sizeof o);
            const mv_dtype ta = turn < 3 ? MEDVOL_F32 : types[k % TYPES], tb = turn < 5 ? ta : types[k % 5];
            twin_make(&a, ta, s, k % LAYOUTS), twin_make(&b, tb, s, (k / 2) % LAYOUTS);
            twin_make(&m, turn % 4 == 1 ? MEDVOL_U8 : MEDVOL_F32, &one, k % LAYOUTS);
            picture(&a, 0, 5, turn == 2 || turn == 5), picture(&b, 0.4, 9, turn == 2), fill(&m, 0.5, 0.8, 0);
            put((unsigned char *)m.host.data, m.host.dtype, 1.0), send(&m); /* one counts */
            if (turn == 4 || turn == 8) fill(&b, 50, 0, 0); /* constant */
            if (turn == 8) fill(&a, 50, 0, 0);
            if (turn == 7) scale(&a, 0.5, 3), scale(&b, -2, 100);
            o.what = turn == 1 ? 0u : turn == 3 ? (unsigned)(MEDVOL_METRIC_MI | MEDVOL_METRIC_NCC)
                : (unsigned)MEDVOL_METRIC_ALL;
            o.radius = turn == 5 ? 5 : turn == 6 ? 1 : turn == 2 ? 3 : turn == 7 ? 4 : 0;
            o.bins = turn == 2 ? 7 : turn == 3 ? 130 : 0;
            o.peak = turn == 6 ? 255 : 0;
            if (turn == 7) o.range_a[0] = 20, o.range_a[1] = 80;
            if (turn >= 5) o.mask = &m.host;
            p = o;
            if (o.mask) p.mask = &m.device;
            CHECK_STATUS(mv_metric_image(&cpu, &c, &a.host, &b.host, &o), MEDVOL_OK);
            CHECK_SETTLED(mv_cuda_metric_image(&gpu, g, &a.device, &b.device, &p), MEDVOL_OK);
            same_metrics(g, &c, __LINE__);
            keep(g, sizeof *g);
            CHECK_STATUS(mv_cuda_metric_image_wait(&gpu, &w, &a.device, &b.device, &p), MEDVOL_OK);
            CHECK(!memcmp(&w, g, sizeof w));
            unpin(g);
            twin_free(&a), twin_free(&b), twin_free(&m);
        }
}
/* SSIM's windows are in float: of values up to 1e9 times the peak it is what the processor's doubles make; planes,
   volumes, with a mean and without, alike and not */
static void test_ssim_far(void) {
    static const double peaks[] = {1e3, 1, 1e-3, 1e-6, 1e-9};
    static const shape s[2] = {{2, {40, 23}}, {3, {21, 17, 13}}};
    size_t k;
    int turn, j;
    for (j = 0; j < 2; j++)
        for (turn = 0; turn < 4; turn++)
            for (k = 0; k < 5; k++) {
                mv_image_metrics *g = (mv_image_metrics *)pinned(sizeof *g), c;
                mv_metric_opt o;
                twin a, b;
                memset(&o, 0, sizeof o);
                o.what = MEDVOL_METRIC_SSIM, o.peak = peaks[k];
                twin_make(&a, MEDVOL_F32, &s[j], PLAIN), twin_make(&b, MEDVOL_F32, &s[j], PLAIN);
                fill(&a, turn & 1 ? 0.5 : 0.0, 0.25, 0), fill(&b, turn & 1 ? 0.05 : 0.0, turn & 2 ? 0.02 : 0.4, 0);
                if (turn & 2) lean(&b, &a, 0.9);
                CHECK_STATUS(mv_metric_image(&cpu, &c, &a.host, &b.host, &o), MEDVOL_OK);
                CHECK_SETTLED(mv_cuda_metric_image(&gpu, g, &a.device, &b.device, &o), MEDVOL_OK);
                snprintf(about, sizeof about, "ssim %d %d: values of %g peaks: %g, %g", j, turn, 1.0 / o.peak, g->ssim,
                         g->ssim - c.ssim);
                CHECK(near_to(g->ssim, c.ssim, 1e-6) && g->ssim_count == c.ssim_count && c.ssim == c.ssim);
                keep(g, sizeof *g);
                unpin(g);
                twin_free(&a), twin_free(&b);
            }
}
static void near_map(const mv_volume *d, const mv_volume *h, double by, int line) {
    mv_volume back;
    size_t i = 0, n = mv_volume_count(h);
    float *x = (float *)calloc(n + 1, sizeof *x);
    double worst = 0;
    memset(&back, 0, sizeof back);
    check(d->dtype == h->dtype && d->ndim == h->ndim && !memcmp(d->dim, h->dim, sizeof d->dim) &&
          !memcmp(d->affine, h->affine, sizeof d->affine) && d->slope == h->slope && d->inter == h->inter,
          "shape, geometry, scaling", line);
    CHECK_STATUS(mv_cuda_download(&gpu, &back, d, MEDVOL_NONE, NULL), MEDVOL_OK);
    each(h, [&](unsigned char *p) { memcpy(&x[i++], p, 4); });
    for (i = 0; i < n; i++) {
        const double y = ((const float *)back.data)[i], e = fabs(y - (double)x[i]);
        if ((y != y) != (x[i] != x[i])) worst = HUGE_VAL;
        if (e > worst) worst = e;
    }
    check(worst <= by, "the map", line);
    keep(back.data, n * sizeof *x);
    mv_volume_free(&cpu, &back);
    free(x);
}
static void test_ncc_map(void) {
    int j, turn, k = 0;
    for (j = 0; j < 6; j++)
        for (turn = 0; turn < 6; turn++, k++) {
            const shape *s = &images[j], one = part_of(s, turn == 3 ? draw() % (1u << s->ndim) : 0);
            mv_ncc_map_opt o, p;
            mv_volume h, d;
            twin a, b, m, out;
            snprintf(about, sizeof about, "image %d turn %d", j, turn);
            memset(&o, 0, sizeof o), memset(&h, 0, sizeof h), memset(&d, 0, sizeof d);
            const mv_dtype ta = turn < 3 ? MEDVOL_F32 : types[k % TYPES], tb = turn < 5 ? ta : MEDVOL_F64;
            twin_make(&a, ta, s, k % LAYOUTS), twin_make(&b, tb, s, (k / 2) % LAYOUTS);
            twin_make(&m, turn % 2 ? MEDVOL_U8 : MEDVOL_I16, &one, k % LAYOUTS),
                twin_make(&out, MEDVOL_F32, s, k % LAYOUTS);
            picture(&a, 0, 5, turn == 2 || turn == 5), picture(&b, 0.4, 9, turn == 2), fill(&m, 1.0, 1.6, 0);
            if (turn == 3) scale(&a, 2, 3);
            if (turn == 4) fill(&b, 50, 0, 0);
            o.radius[0] = (size_t)(turn % 3), o.radius[1] = turn == 5 ? 11 : (size_t)(k % 3),
                o.radius[2] = turn == 1 ? 4 : 0;
            o.squared = turn % 2, o.nan = turn > 3;
            if (turn >= 2) o.mask = &m.host;
            p = o;
            if (o.mask) p.mask = &m.device;
            CHECK_STATUS(mv_ncc_map(&cpu, &h, &a.host, &b.host, &o), MEDVOL_OK);
            CHECK_SETTLED(mv_cuda_ncc_map(&gpu, &d, &a.device, &b.device, &p), MEDVOL_OK);
            near_map(&d, &h, 1e-6, __LINE__);
            mv_volume_free(&cpu, &h), mv_cuda_volume_free(&gpu, &d);
            CHECK_STATUS(mv_ncc_map(&cpu, &out.host, &a.host, &b.host, &o), MEDVOL_OK);
            CHECK_SETTLED(mv_cuda_ncc_map(&gpu, &out.device, &a.device, &b.device, &p), MEDVOL_OK);
            near_map(&out.device, &out.host, 1e-6, __LINE__);
            twin_free(&a), twin_free(&b), twin_free(&m), twin_free(&out);
        }
}
/* Small details on a large, sloping ground; a widest window */
static void test_ncc_hard(void) {
    static const shape s = {3, {70, 37, 36}};
    mv_ncc_map_opt o;
    mv_image_metrics g, c;
    mv_metric_opt q;
    mv_volume h, d;
    twin a, b;
    size_t i = 0;
    int turn;
    memset(&o, 0, sizeof o), memset(&q, 0, sizeof q);
    twin_make(&a, MEDVOL_F32, &s, PLAIN), twin_make(&b, MEDVOL_F32, &s, PLAIN);
    each(&a.host, [&](unsigned char *p) { put(p, MEDVOL_F32,
                                              1000.0 + 20.0 * (double)(i++ % 70) + 0.5 * uniform()); });
    i = 0;
    each(&b.host, [&](unsigned char *p) { put(p, MEDVOL_F32,
                                              0.3 * (double)((float *)a.host.data)[i++] + 0.3 *
                                                  uniform()); });
    send(&a), send(&b);
    for (turn = 0; turn < 6; turn++) {
        memset(&h, 0, sizeof h), memset(&d, 0, sizeof d);
        snprintf(about, sizeof about, "hard %d", turn);
        if (turn < 2) o.radius[0] = turn ? 1 : 16, o.radius[1] = turn ? 2 : 16, o.radius[2] = turn ? 0 : 16;
        else o.radius[0] = o.radius[1] = (size_t)turn - 1, o.radius[2] = (size_t)turn / 2;
        CHECK_STATUS(mv_ncc_map(&cpu, &h, &a.host, &b.host, &o), MEDVOL_OK);
        CHECK_SETTLED(mv_cuda_ncc_map(&gpu, &d, &a.device, &b.device, &o), MEDVOL_OK);
        near_map(&d, &h, 1e-6, __LINE__);
        mv_volume_free(&cpu, &h), mv_cuda_volume_free(&gpu, &d);
    }
    q.what = MEDVOL_METRIC_ALL;
    CHECK_STATUS(mv_metric_image(&cpu, &c, &a.host, &b.host, &q), MEDVOL_OK);
    CHECK_STATUS(mv_cuda_metric_image_wait(&gpu, &g, &a.device, &b.device, &q), MEDVOL_OK);
    same_metrics(&g, &c, __LINE__);
    twin_free(&a), twin_free(&b);
}
static void test_likeness_limits(void) {
    mv_image_metrics *out = (mv_image_metrics *)pinned(sizeof *out);
    mv_metric_opt o;
    memset(&o, 0, sizeof o);
    AFAR
        for (int k = 0; k < 2; k++) {
            const mv_volume a = afar(MEDVOL_U8, 65536, 65536), b = afar(MEDVOL_U8, 65536, 65536);
            o.what = k ? MEDVOL_METRIC_NMI : MEDVOL_METRIC_MI;
            CHECK_STATUS(mv_cuda_metric_image(&gpu, out, &a, &b, &o), MEDVOL_E_UNSUPPORTED);
        }
    unpin(out);
}
static void test_likeness_refused(void) {
    static const shape s = {3, {12, 13, 14}}, other = {3, {12, 13, 15}}, thin = {3, {12, 13, 5}};
    mv_image_metrics h, *g = (mv_image_metrics *)pinned(sizeof *g);
    mv_metric_opt o, p;
    mv_ncc_map_opt n, q;
    mv_volume mh, md, empty;
    mv_cuda_graph graph;
    twin a, b, c, z, t, m;
    memset(&o, 0, sizeof o), memset(&n, 0, sizeof n), memset(&mh, 0, sizeof mh), memset(&md, 0, sizeof md);
    memset(&empty, 0, sizeof empty), memset(&graph, 0, sizeof graph);
    snprintf(about, sizeof about, "likeness refused");
    twin_make(&a, MEDVOL_F32, &s, PLAIN), twin_make(&b, MEDVOL_F32, &s, PLAIN),
        twin_make(&c, MEDVOL_F32, &other, PLAIN);
    twin_make(&z, MEDVOL_C64, &s, PLAIN), twin_make(&t, MEDVOL_F32, &thin, PLAIN),
        twin_make(&m, MEDVOL_U8, &s, PLAIN);
    fill(&a, 1, 1, 0), fill(&b, 1, 1, 0), fill(&m, 0, 0, 0);
    auto both = [&](mv_status want, mv_status is, int line) {
        if (is == MEDVOL_OK) is = mv_cuda_sync(&gpu);
        check(want < 0, "the processor refuses", line);
        check_status(is, want, mv_cuda_message(&gpu), line);
    };
#define METRIC(A, B, O, P) both(mv_metric_image(&cpu, &h, &A.host, &B.host, O), \
                                mv_cuda_metric_image(&gpu, g, &A.device, &B.device, P), __LINE__)
#define NCC_MAP(A, B, O, P) both(mv_ncc_map(&cpu, &mh, &A.host, &B.host, O), \
                                 mv_cuda_ncc_map(&gpu, &md, &A.device, &B.device, P), __LINE__)
    both(mv_metric_image(&cpu, NULL, &a.host, &b.host, NULL),
         mv_cuda_metric_image(&gpu, NULL, &a.device, &b.device, NULL),
         __LINE__);
    both(mv_metric_image(&cpu, &h, &empty, &b.host, NULL),
         mv_cuda_metric_image(&gpu, g, &empty, &b.device, NULL), __LINE__);
    both(mv_ncc_map(&cpu, NULL, &a.host, &b.host, NULL),
         mv_cuda_ncc_map(&gpu, NULL, &a.device, &b.device, NULL), __LINE__);
    METRIC(a, c, NULL, NULL);
    METRIC(a, z, NULL, NULL);
    NCC_MAP(a, c, NULL, NULL);
    NCC_MAP(z, b, NULL, NULL);
    b.host.affine[3] = b.device.affine[3] = 0.5; /* half a voxel away */
    METRIC(a, b, NULL, NULL);
    NCC_MAP(a, b, NULL, NULL);
    b.host.affine[3] = b.device.affine[3] = 0;
    o.what = 256;
    METRIC(a, b, &o, &o);
    o.what = MEDVOL_METRIC_ALL, o.peak = -1;
    METRIC(a, b, &o, &o);
    o.peak = 0, o.radius = 17;
    METRIC(a, b, &o, &o);
    o.radius = 0, o.bins = 1;
    METRIC(a, b, &o, &o);
    o.bins = 1025;
    METRIC(a, b, &o, &o);
    o.bins = 0, o.range_b[0] = 3, o.range_b[1] = 3;
    METRIC(a, b, &o, &o);
    o.range_b[0] = o.range_b[1] = 0;
    METRIC(t, t, &o, &o);
    o.mask = &c.host, p = o, p.mask = &c.device;
    METRIC(a, b, &o, &p);
    o.mask = &m.host, p = o, p.mask = &m.device; /* nothing counts: found by the device */
    METRIC(a, b, &o, &p);
    CHECK(g->count == 0 && g->mse != g->mse && g->lncc != g->lncc && g->ssim != g->ssim && g->mi != g->mi);
    n.radius[1] = 17;
    NCC_MAP(a, b, &n, &n);
    n.radius[1] = 0, n.mask = &c.host, q = n, q.mask = &c.device;
    NCC_MAP(a, b, &n, &q);
    CHECK(mh.data == NULL && md.data == NULL);
    both(mv_ncc_map(&cpu, &b.host, &a.host, &b.host, NULL),
         mv_cuda_ncc_map(&gpu, &b.device, &a.device, &b.device, NULL),
         __LINE__);
    both(mv_ncc_map(&cpu, &c.host, &a.host, &b.host, NULL),
         mv_cuda_ncc_map(&gpu, &c.device, &a.device, &b.device, NULL),
         __LINE__);
    CHECK_STATUS(mv_cuda_metric_image(&gpu, &h, &a.device, &b.device, NULL), MEDVOL_E_POINTER);
    CHECK_STATUS(mv_cuda_metric_image(&gpu, g, &a.host, &b.device, NULL), MEDVOL_E_POINTER);
    CHECK_STATUS(mv_cuda_ncc_map(&gpu, &md, &a.device, &b.host, NULL), MEDVOL_E_POINTER);
    /* dst is a: new memory; all of it in a graph */
    n.mask = NULL, o.mask = NULL;
    CHECK_STATUS(mv_metric_image(&cpu, &h, &a.host, &b.host, &o), MEDVOL_OK);
    CHECK_STATUS(mv_ncc_map(&cpu, &mh, &a.host, &b.host, NULL), MEDVOL_OK);
    CHECK_SETTLED(mv_cuda_metric_image(&gpu, g, &a.device, &b.device, &o), MEDVOL_OK);
    CHECK_STATUS(mv_cuda_volume_alloc(&gpu, &md, MEDVOL_F32, 3, s.dim), MEDVOL_OK);
    memcpy(md.affine, a.device.affine, sizeof md.affine);
    CHECK_STATUS(mv_cuda_capture_begin(&gpu), MEDVOL_OK);
    CHECK_STATUS(mv_cuda_metric_image(&gpu, g, &a.device, &b.device, &o), MEDVOL_OK);
    CHECK_STATUS(mv_cuda_ncc_map(&gpu, &md, &a.device, &b.device, NULL), MEDVOL_OK);
    CHECK_STATUS(mv_cuda_capture_end(&gpu, &graph), MEDVOL_OK);
    memset(g, 0, sizeof *g);
    CHECK_STATUS(mv_cuda_graph_launch(&gpu, &graph), MEDVOL_OK);
    CHECK_STATUS(mv_cuda_sync(&gpu), MEDVOL_OK);
    same_metrics(g, &h, __LINE__);
    near_map(&md, &mh, 1e-6, __LINE__);
    mv_cuda_graph_free(&gpu, &graph);
    mv_cuda_volume_free(&gpu, &md);
    md = a.device;
    CHECK_SETTLED(mv_cuda_ncc_map(&gpu, &md, &md, &b.device, NULL), MEDVOL_OK);
    CHECK(md.data != a.device.data);
    near_map(&md, &mh, 1e-6, __LINE__);
    mv_cuda_volume_free(&gpu, &md), mv_volume_free(&cpu, &mh);
    unpin(g);
    twin_free(&a), twin_free(&b), twin_free(&c), twin_free(&z), twin_free(&t), twin_free(&m);
}

SUITE(correlate, {"volumes", test_volumes}, {"hard", test_hard}, {"arrays", test_arrays}, {"lags", test_lags},
      {"lags_hard", test_lags_hard}, {"lags_shift", test_lags_shift}, {"map", test_map},
      {"refused", test_refused}, {"capture", test_capture}, {"traffic", test_traffic},
      {"metric", test_metric}, {"ssim_far", test_ssim_far}, {"ncc_map", test_ncc_map}, {"ncc_hard", test_ncc_hard},
      {"likeness_limits", test_likeness_limits}, {"likeness_refused", test_likeness_refused});
