/* rows_linalg.c - dense linear algebra: matrices of side x side. */
#define BENCH_MARK_CALLS
#include "bench.h"

/* aux[0], aux[1]: the sources, of noise from the input; out: the result; own: values */
static void noise_of(const bench *b, mv_volume *v, size_t first) {
    const size_t n = bench_bytes(v) / mv_dtype_size(b->in.dtype), all = mv_volume_count(&b->in);
    size_t i;
    for (i = 0; i < n; i++) {
        const double x = bench_value(&b->in, (first + 7 * i) % all) * 1e-3 - 0.25;
        if (b->in.dtype == MEDVOL_F32) ((float *)v->data)[i] = (float)x;
        else ((double *)v->data)[i] = x;
    }
}
static mv_status square(bench *b, mv_volume *v, int cx, size_t first) {
    const mv_dtype t = b->in.dtype == MEDVOL_F32 ? (cx ? MEDVOL_C64 : MEDVOL_F32)
        : cx                                     ? MEDVOL_C128
                                                 : MEDVOL_F64;
    const size_t dim[2] = {b->side, b->side};
    mv_status st = mv_volume_alloc(b->ctx, v, t, 2, dim);
    if (st >= 0) noise_of(b, v, first);
    return st;
}
static mv_status two(bench *b, int cx) {
    mv_status st = square(b, &b->aux[0], cx, 0);
    if (st >= 0) st = square(b, &b->aux[1], cx, 3);
    if (st >= 0) st = square(b, &b->out, cx, 5);
    return st;
}
static mv_status two_reals(bench *b) { return two(b, 0); }
static mv_status two_pairs(bench *b) { return two(b, 1); }
/* with a heavy diagonal: positive definite */
static mv_status definite(bench *b, int cx) {
    const size_t n = b->side, unit = cx ? 2 : 1;
    mv_status st = two(b, cx);
    double *a = (double *)b->aux[0].data;
    size_t i;
    if (st < 0) return st;
    for (i = 0; i < n; i++) {
        a[unit * i * (n + 1)] = 4.0 * (double)n;
        if (cx) a[2 * i * (n + 1) + 1] = 0;
    }
    b->own = calloc(n + 1, sizeof(double));
    return b->own ? st : MEDVOL_E_NOMEM;
}
static mv_status definite_reals(bench *b) { return definite(b, 0); }
static mv_status definite_pairs(bench *b) { return definite(b, 1); }
static mv_status triangle(bench *b, int cx) { /* aux[2]: the matrix that aux[0] becomes the factor of */
    mv_status st = definite(b, cx);
    if (st >= 0) st = mv_volume_copy(b->ctx, &b->aux[2], &b->aux[0]);
    if (st >= 0 && cx) return mv_chol_c128(b->ctx, (double *)b->aux[0].data, b->side, b->side);
    return st < 0 ? st : mv_chol_f64(b->ctx, (double *)b->aux[0].data, b->side, b->side);
}
/* of mixed signs, and its factors in aux[0], of which aux[2] is the matrix */
static mv_status mixed(bench *b) {
    mv_status st = definite(b, 0);
    size_t i;
    if (st < 0) return st;
    for (i = 0; i < b->side; i += 2) ((double *)b->aux[0].data)[i * (b->side + 1)] *= i % 4 ? -1 : 0;
    return mv_volume_copy(b->ctx, &b->aux[2], &b->aux[0]);
}
static mv_status mixed_factors(bench *b) {
    mv_status st = mixed(b);
    return st < 0 ? st : mv_ldlt_f64(b->ctx, (double *)b->aux[0].data, b->side, (int32_t *)b->own, b->side);
}
static mv_status triangle_reals(bench *b) { return triangle(b, 0); }
static mv_status triangle_pairs(bench *b) { return triangle(b, 1); }
static void done(bench *b) { free(b->own); }

/* ---- what is timed ---- */
#define GEMM(name, type, real)                                                                               \
    static mv_status name(bench *b) {                                                                        \
        const size_t n = b->side;                                                                            \
        return mv_gemm_##type(b->ctx, (real *)b->out.data, n, (const real *)b->aux[0].data, n,               \
            (const real *)b->aux[1].data, n, n, n, n, NULL);                                                 \
    }
GEMM(gemm_f32, f32, float)
GEMM(gemm_f64, f64, double)
GEMM(gemm_c64, c64, float)
GEMM(gemm_c128, c128, double)
/* both the same way round: rows beside rows; columns with columns; one turned */
#define DIAG(name, type, real, a, b_)                                                                        \
    static mv_status name(bench *b) {                                                                        \
        const size_t n = b->side;                                                                            \
        mv_gemm_opt o = {a, b_, {0, 0}, {0, 0}, 0};                                                          \
        return mv_gemm_diag_##type(b->ctx, (real *)b->out.data, (const real *)b->aux[0].data, n,             \
            (const real *)b->aux[1].data, n, n, n, &o);                                                      \
    }
DIAG(diag_f32, f32, float, MEDVOL_OP_TRANSPOSE, MEDVOL_OP_NONE)
DIAG(diag_f64, f64, double, MEDVOL_OP_NONE, MEDVOL_OP_TRANSPOSE)
DIAG(diag_turned, f64, double, MEDVOL_OP_NONE, MEDVOL_OP_NONE)
DIAG(diag_c64, c64, float, MEDVOL_OP_ADJOINT, MEDVOL_OP_NONE)
DIAG(diag_c128, c128, double, MEDVOL_OP_NONE, MEDVOL_OP_ADJOINT)
#undef DIAG
static double *again(bench *b, const mv_volume *from) { /* what changes in place begins anew: a copy, too */
    memcpy(b->out.data, from->data, bench_bytes(&b->out));
    return (double *)b->out.data;
}
static mv_status chol_f64(bench *b) { return mv_chol_f64(b->ctx, again(b, &b->aux[0]), b->side, b->side); }
static mv_status chol_c128(bench *b) { return mv_chol_c128(b->ctx, again(b, &b->aux[0]), b->side, b->side); }
static mv_status solve_f64(bench *b) {
    return mv_chol_solve_f64(
        b->ctx, again(b, &b->aux[1]), b->side, (const double *)b->aux[0].data, b->side, b->side, b->side);
}
static mv_status solve_c128(bench *b) {
    return mv_chol_solve_c128(
        b->ctx, again(b, &b->aux[1]), b->side, (const double *)b->aux[0].data, b->side, b->side, b->side);
}
static mv_status ldlt_f64(bench *b) {
    return mv_ldlt_f64(b->ctx, again(b, &b->aux[0]), b->side, (int32_t *)b->own, b->side);
}
static mv_status ldlt_solve_f64(bench *b) {
    size_t signs[3];
    mv_status st = mv_ldlt_inertia_f64(b->ctx, signs, (const double *)b->aux[0].data, b->side,
        (const int32_t *)b->own, b->side);
    if (st < 0) return st;
    return mv_ldlt_solve_f64(b->ctx, again(b, &b->aux[1]), b->side, (const double *)b->aux[0].data, b->side,
        (const int32_t *)b->own, b->side, b->side);
}
static mv_status eigh_f64(bench *b) {
    return mv_eigh_f64(b->ctx, (double *)b->own, (double *)b->out.data, b->side,
        (const double *)b->aux[0].data, b->side, b->side);
}
static mv_status eigh_c128(bench *b) {
    return mv_eigh_c128(b->ctx, (double *)b->own, (double *)b->out.data, b->side,
        (const double *)b->aux[0].data, b->side, b->side);
}
static mv_status svd_f64(bench *b) {
    return mv_svd_f64(b->ctx, (double *)b->out.data, b->side, (double *)b->own, (double *)b->aux[1].data,
        b->side, (const double *)b->aux[0].data, b->side, b->side, b->side);
}
static mv_status svd_c128(bench *b) {
    return mv_svd_c128(b->ctx, (double *)b->out.data, b->side, (double *)b->own, (double *)b->aux[1].data,
        b->side, (const double *)b->aux[0].data, b->side, b->side, b->side);
}

/* ---- what is right: some elements of the definition in double ---- */
typedef struct pair {
    double re, im;
} pair;
static pair at(const mv_volume *v, size_t n, size_t i, size_t j) {
    const int cx = v->dtype == MEDVOL_C64 || v->dtype == MEDVOL_C128;
    const int f32 = v->dtype == MEDVOL_F32 || v->dtype == MEDVOL_C64;
    const size_t k = (cx ? 2 : 1) * (i + j * n);
    const float *f = (const float *)v->data;
    const double *d = (const double *)v->data;
    pair p = {f32 ? (double)f[k] : d[k], 0};
    if (cx) p.im = f32 ? (double)f[k + 1] : d[k + 1];
    return p;
}
static void plus(pair *s, pair a, pair b, double sign) { /* s += a b, or a conj(b) */
    s->re += a.re * b.re - sign * a.im * b.im;
    s->im += a.im * b.re + sign * a.re * b.im;
}
static pair of_lower(const mv_volume *v, size_t n, size_t i, size_t j) { /* of the whole Hermitian matrix */
    pair p = i >= j ? at(v, n, i, j) : at(v, n, j, i);
    if (i < j) p.im = -p.im;
    if (i == j) p.im = 0;
    return p;
}
static int far(pair a, pair b, double tolerance) {
    return !(hypot(a.re - b.re, a.im - b.im) <= tolerance * (1 + hypot(b.re, b.im)));
}
enum { LOOKS = 100 };
static int check_gemm(bench *b) {
    const size_t n = b->side;
    const double tolerance = b->in.dtype == MEDVOL_F32 ? 1e-5 : 1e-13;
    size_t t, k;
    for (t = 0; t < LOOKS; t++) {
        const size_t i = t * 31 % n, j = t * 17 % n;
        pair s = {0, 0};
        for (k = 0; k < n; k++) plus(&s, at(&b->aux[0], n, i, k), at(&b->aux[1], n, k, j), 1);
        if (far(at(&b->out, n, i, j), s, tolerance * sqrt((double)n))) return 1;
    }
    return 0;
}
/* how: 0: sum of a(k, i) b(k, i), 1: a(i, k) b(i, k), 2: a(i, k) b(k, i); first and second conjugated */
static int check_diag(bench *b, int how, int first, int second) {
    const size_t n = b->side;
    const double tolerance = b->in.dtype == MEDVOL_F32 ? 1e-6 : 1e-13;
    size_t t, k;
    for (t = 0; t < LOOKS; t++) {
        const size_t i = t * 31 % n;
        pair s = {0, 0};
        for (k = 0; k < n; k++) {
            pair x = at(&b->aux[0], n, how ? i : k, how ? k : i);
            pair y = at(&b->aux[1], n, how == 1 ? i : k, how == 1 ? k : i);
            if (first) x.im = -x.im;
            if (second) y.im = -y.im;
            plus(&s, x, y, 1);
        }
        if (far(at(&b->out, n, i, 0), s, tolerance * sqrt((double)n))) return 1;
    }
    return 0;
}
static int check_columns(bench *b) { return check_diag(b, 0, 0, 0); }
static int check_beside(bench *b) { return check_diag(b, 1, 0, 0); }
static int check_turned(bench *b) { return check_diag(b, 2, 0, 0); }
static int check_adjoint(bench *b) { return check_diag(b, 0, 1, 0); }
static int check_beside_adjoint(bench *b) { return check_diag(b, 1, 0, 1); }
static int check_chol(bench *b) {
    const size_t n = b->side;
    size_t t, k;
    for (t = 0; t < LOOKS; t++) {
        const size_t p = t * 31 % n, q = t * 17 % n, i = p > q ? p : q, j = p > q ? q : p;
        pair s = {0, 0};
        for (k = 0; k <= j; k++) plus(&s, at(&b->out, n, i, k), at(&b->out, n, j, k), -1);
        if (far(s, of_lower(&b->aux[0], n, i, j), 1e-13)) return 1;
    }
    return 0;
}
static int check_solve(bench *b) {
    const size_t n = b->side;
    size_t t, k;
    for (t = 0; t < LOOKS; t++) {
        const size_t i = t * 31 % n, j = t * 17 % n;
        pair s = {0, 0};
        for (k = 0; k < n; k++) plus(&s, of_lower(&b->aux[2], n, i, k), at(&b->out, n, k, j), 1);
        if (far(s, at(&b->aux[1], n, i, j), 1e-12)) return 1;
    }
    return 0;
}
static int check_ldlt(bench *b) { /* A x = e, by the factors in out */
    const size_t n = b->side;
    double *x = (double *)calloc(n, sizeof *x);
    size_t i, j;
    int bad = !x;
    if (bad) return 1;
    x[n / 2] = 1;
    bad = ldlt_f64(b) < 0 || mv_ldlt_solve_f64(b->ctx, x, n, (const double *)b->out.data, n,
        (const int32_t *)b->own, n, 1) < 0;
    for (i = 0; i < n && !bad; i++) {
        double s = i == n / 2 ? -1 : 0;
        for (j = 0; j < n; j++) s += of_lower(&b->aux[2], n, i, j).re * x[j];
        bad = !(fabs(s) < 1e-9);
    }
    free(x);
    return bad;
}
static int check_eigh(bench *b) { /* A v = w v */
    const size_t n = b->side;
    const double *w = (const double *)b->own;
    size_t t, k;
    for (t = 0; t < LOOKS; t++) {
        const size_t i = t * 31 % n, j = t * 17 % n;
        pair s = {0, 0}, v = at(&b->out, n, i, j);
        for (k = 0; k < n; k++) plus(&s, of_lower(&b->aux[0], n, i, k), at(&b->out, n, k, j), 1);
        v.re *= w[j], v.im *= w[j];
        if (far(s, v, 1e-12 * (double)n) || (j && w[j - 1] > w[j])) return 1;
    }
    return 0;
}
static int check_svd(bench *b) { /* A = U S V^H */
    const size_t n = b->side;
    const double *w = (const double *)b->own;
    size_t t, k;
    for (t = 0; t < LOOKS; t++) {
        const size_t i = t * 31 % n, j = t * 17 % n;
        pair s = {0, 0};
        for (k = 0; k < n; k++) {
            pair u = at(&b->out, n, i, k);
            u.re *= w[k], u.im *= w[k];
            plus(&s, u, at(&b->aux[1], n, j, k), -1);
        }
        if (far(s, at(&b->aux[0], n, i, j), 1e-13 * (double)n) || (j && w[j - 1] < w[j])) return 1;
    }
    return 0;
}

/* Multiply-adds of f32 for each of side^3: a double counts 2, a complex product 4. Of eigenvalues those of
   the tridiagonalisation, 2/3, and of the vectors' way back, 1; of singular values those of the
   bidiagonalisation, 4/3, and of the way back on either side, 1 (Golub & Van Loan 5.4.8, 8.3.1; the sweeps of
   our Jacobi method are its own affair); bytes: both sides once. */
#define ROW(name, type, call, right, how, work)                                                              \
    {name, type, call, .check = right, .floor = "c", .fma = work, .setup = how, .done = done, .most = 512}
#define DIAG(name, type, call, right, how)                                                                   \
    {name, type, call, .check = right, .floor = "ab", .setup = how, .done = done, .most = 2048}
const bench_row rows_linalg[] = {
    ROW("gemm", MEDVOL_F32, gemm_f32, check_gemm, two_reals, 1),
    ROW("gemm", MEDVOL_F64, gemm_f64, check_gemm, two_reals, 2),
    ROW("gemm, complex", MEDVOL_F32, gemm_c64, check_gemm, two_pairs, 4),
    ROW("gemm, complex", MEDVOL_F64, gemm_c128, check_gemm, two_pairs, 8),
    DIAG("gemm, diagonal", MEDVOL_F32, diag_f32, check_columns, two_reals),
    DIAG("gemm, diagonal", MEDVOL_F64, diag_f64, check_beside, two_reals),
    DIAG("gemm, diagonal, turned", MEDVOL_F64, diag_turned, check_turned, two_reals),
    DIAG("gemm, diagonal, complex", MEDVOL_F32, diag_c64, check_adjoint, two_pairs),
    DIAG("gemm, diagonal, complex", MEDVOL_F64, diag_c128, check_beside_adjoint, two_pairs),
    ROW("chol", MEDVOL_F64, chol_f64, check_chol, definite_reals, 2. / 6),
    ROW("chol, complex", MEDVOL_F64, chol_c128, check_chol, definite_pairs, 8. / 6),
    ROW("chol solve", MEDVOL_F64, solve_f64, check_solve, triangle_reals, 2),
    ROW("chol solve, complex", MEDVOL_F64, solve_c128, check_solve, triangle_pairs, 8),
    ROW("ldlt", MEDVOL_F64, ldlt_f64, check_ldlt, mixed, 2. / 6),
    ROW("ldlt solve", MEDVOL_F64, ldlt_solve_f64, check_solve, mixed_factors, 2),
    ROW("eigh", MEDVOL_F64, eigh_f64, check_eigh, definite_reals, 2. * 5 / 3),
    ROW("eigh, complex", MEDVOL_F64, eigh_c128, check_eigh, definite_pairs, 8. * 5 / 3),
    {"svd", MEDVOL_F64, svd_f64, .check = check_svd, .floor = "c", .fma = 2. * 10 / 3,
        .setup = definite_reals, .done = done, .most = 128},
    {"svd, complex", MEDVOL_F64, svd_c128, .check = check_svd, .floor = "c", .fma = 8. * 10 / 3,
        .setup = definite_pairs, .done = done, .most = 128},
    {0},
};
#undef ROW
#undef DIAG
