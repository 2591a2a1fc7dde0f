/* test_linalg.c - products of all types, operations, shapes against the sum of the definition; Cholesky,
   eigenvalues and singular values against what they must satisfy, closed forms and exact cases; scales,
   ranks, clusters; bits, errors. */
#include "test.h"

#define EPS 2.220446049250313e-16
#define PI 3.14159265358979323846

/* ---- matrices: column-major, gaps of a canary between columns, one element beyond an aligned start ---- */
typedef struct matrix {
    size_t rows, columns, ld, bytes;
    int f64, cx;
    void *mem, *p;
} matrix;
typedef struct pair {
    double re, im;
} pair;
static const double canary = 12345.0; /* of gaps */
static void set(matrix *a, size_t i, size_t j, pair v) {
    const size_t unit = a->cx ? 2 : 1, at = unit * (i + j * a->ld);
    if (a->f64) ((double *)a->p)[at] = v.re;
    else ((float *)a->p)[at] = (float)v.re;
    if (!a->cx) return;
    if (a->f64) ((double *)a->p)[at + 1] = v.im;
    else ((float *)a->p)[at + 1] = (float)v.im;
}
static pair get(const matrix *a, size_t i, size_t j) {
    const size_t unit = a->cx ? 2 : 1, at = unit * (i + j * a->ld);
    pair v = {0, 0};
    v.re = a->f64 ? ((const double *)a->p)[at] : (double)((const float *)a->p)[at];
    if (a->cx) v.im = a->f64 ? ((const double *)a->p)[at + 1] : (double)((const float *)a->p)[at + 1];
    return v;
}
static pair of(double re, double im) {
    pair v;
    v.re = re, v.im = im;
    return v;
}
static void make(matrix *a, size_t rows, size_t columns, size_t gap, int f64, int cx) {
    const size_t size = (f64 ? 8 : 4) * (size_t)(cx ? 2 : 1);
    size_t i, j;
    a->rows = rows, a->columns = columns, a->ld = rows + gap;
    a->f64 = f64, a->cx = cx;
    a->bytes = columns ? ((columns - 1) * a->ld + rows) * size : 0; /* nothing behind the last element */
    a->mem = a->p = t_guard(a->bytes);
    for (j = 0; j < columns; j++)
        for (i = 0; i < (j + 1 < columns ? a->ld : rows); i++) set(a, i, j, of(canary, canary));
}
static void drop(matrix *a) { t_guard_free(a->mem, a->bytes); }
static void noise(matrix *a) {
    size_t i, j;
    for (j = 0; j < a->columns; j++)
        for (i = 0; i < a->rows; i++) set(a, i, j, of(t_uniform(-1, 1), a->cx ? t_uniform(-1, 1) : 0));
}
static int gaps_kept(const matrix *a) {
    size_t i, j;
    for (j = 0; j + 1 < a->columns; j++)
        for (i = a->rows; i < a->ld; i++) {
            const pair v = get(a, i, j);
            if (v.re != canary || (a->cx && v.im != canary)) return 0;
        }
    return 1;
}
static pair times(pair a, pair b) { return of(a.re * b.re - a.im * b.im, a.re * b.im + a.im * b.re); }
static pair conj_of(pair a) { return of(a.re, -a.im); }
static double size_of(pair a) { return hypot(a.re, a.im); }

/* ---- products ---- */
static mv_status gemm(mv_ctx *ctx, matrix *c, const matrix *a, const matrix *b, size_t k,
                      const mv_gemm_opt *o) {
    if (c->f64 && c->cx)
        return mv_gemm_c128(ctx, (double *)c->p, c->ld, (const double *)a->p, a->ld, (const double *)b->p,
            b->ld, c->rows, c->columns, k, o);
    if (c->f64)
        return mv_gemm_f64(ctx, (double *)c->p, c->ld, (const double *)a->p, a->ld, (const double *)b->p,
            b->ld, c->rows, c->columns, k, o);
    if (c->cx)
        return mv_gemm_c64(ctx, (float *)c->p, c->ld, (const float *)a->p, a->ld, (const float *)b->p, b->ld,
            c->rows, c->columns, k, o);
    return mv_gemm_f32(ctx, (float *)c->p, c->ld, (const float *)a->p, a->ld, (const float *)b->p, b->ld,
        c->rows, c->columns, k, o);
}
static pair operand(const matrix *a, mv_op op, size_t i, size_t j) {
    if (op == MEDVOL_OP_NONE) return get(a, i, j);
    return op == MEDVOL_OP_ADJOINT ? conj_of(get(a, j, i)) : get(a, j, i);
}
static pair element(const matrix *a, const matrix *b, size_t k, const mv_gemm_opt *o, size_t i, size_t j) {
    pair sum = {0, 0}, alpha = of(o->alpha[0], o->alpha[1]);
    size_t l;
    for (l = 0; l < k; l++) {
        const pair v = times(operand(a, o->op_a, i, l), operand(b, o->op_b, l, j));
        sum.re += v.re, sum.im += v.im;
    }
    if (alpha.re == 0 && alpha.im == 0) alpha.re = 1;
    return times(alpha, sum);
}
/* one product; every `step`-th element is looked at */
static void multiply(size_t m, size_t n, size_t k, int f64, int cx, const mv_gemm_opt *o, size_t gap,
                     size_t step) {
    matrix a, b, c, d;
    const double eps = f64 ? EPS : 1.1920929e-7, tol = eps * (4.0 * (double)k + 16.0);
    size_t i, j, at = 0;
    int ok = 1;
    make(&a, o->op_a ? k : m, o->op_a ? m : k, gap, f64, cx);
    make(&b, o->op_b ? n : k, o->op_b ? k : n, 2 * gap, f64, cx);
    make(&c, m, n, gap, f64, cx);
    make(&d, m, n, gap, f64, cx);
    noise(&a);
    noise(&b);
    if (o->beta[0] != 0 || o->beta[1] != 0) noise(&c);
    else
        for (j = 0; j < n; j++)
            for (i = 0; i < m; i++) set(&c, i, j, of((double)NAN, (double)NAN));
    for (j = 0; j < n; j++)
        for (i = 0; i < m; i++) set(&d, i, j, get(&c, i, j));
    CHECK_OK(gemm(T, &c, &a, &b, k, o));
    for (j = 0; j < n; j++)
        for (i = 0; i < m; i++) {
            const pair was = get(&d, i, j), v = get(&c, i, j);
            pair want;
            if (o->lower && i < j) { /* the bits it had */
                ok &= (v.re == was.re || v.re != v.re) && (v.im == was.im || v.im != v.im);
                continue;
            }
            if (at++ % step) continue;
            want = element(&a, &b, k, o, i, j);
            if (o->beta[0] != 0 || o->beta[1] != 0) {
                const pair w = times(of(o->beta[0], o->beta[1]), was);
                want.re += w.re, want.im += w.im;
            }
            ok &= size_of(of(v.re - want.re, v.im - want.im)) <= 4 * tol;
        }
    if (!CHECK(ok && gaps_kept(&c)))
        fprintf(stderr, "  %zu x %zu x %zu, %s %s, ops %d %d, gap %zu\n", m, n, k, f64 ? "double" : "float",
            cx ? "complex" : "real", (int)o->op_a, (int)o->op_b, gap);
    drop(&a);
    drop(&b);
    drop(&c);
    drop(&d);
}
static void test_gemm(void) { /* all operations, sizes 0..70, factors, gaps */
    int type, op, run;
    t_seed(31);
    for (type = 0; type < 4; type++)
        for (op = 0; op < 9; op++)
            for (run = 0; run < (t_threads == 1 ? 14 : 4); run++) {
                mv_gemm_opt o = {MEDVOL_OP_NONE, MEDVOL_OP_NONE, {0, 0}, {0, 0}, 0};
                const size_t m = t_bits() % 71, n = t_bits() % 71, k = t_bits() % 71;
                o.op_a = (mv_op)(op % 3);
                o.op_b = (mv_op)(op / 3);
                if (run % 2) o.alpha[0] = t_uniform(-2, 2), o.alpha[1] = type & 1 ? t_uniform(-2, 2) : 0;
                if (run % 3 == 1) o.beta[0] = 1;
                if (run % 3 == 2) o.beta[0] = t_uniform(-2, 2), o.beta[1] = type & 1 ? t_uniform(-1, 1) : 0;
                o.lower = run % 4 == 3;
                multiply(m, n, k, type / 2, type % 2, &o, run % 5 < 2 ? 0 : t_bits() % 9, 1);
            }
}
static void test_gemm_sizes(void) { /* around the panels of every level */
    mv_gemm_opt o = {MEDVOL_OP_NONE, MEDVOL_OP_NONE, {0, 0}, {0, 0}, 0};
    size_t n;
    int type;
    t_seed(32);
    for (type = 0; type < 4; type++)
        for (n = 1; n < 36; n++) {
            o.op_a = (mv_op)(n % 3);
            o.op_b = (mv_op)(n / 3 % 3);
            multiply(n, 37 - n, n / 2 + 1, type / 2, type % 2, &o, n % 2, 1);
        }
    for (type = 0; type < 4; type++) { /* several blocks of k, several tiles */
        o.op_a = (mv_op)(type % 3);
        o.op_b = (mv_op)((type + 1) % 3);
        o.lower = type == 2;
        multiply(T_SMALL ? 40 : 230, T_SMALL ? 30 : 210, T_SMALL ? 300 : 530, type / 2, type % 2, &o, 3, 97);
    }
}
static double whole(unsigned most) { return (double)(t_bits() % (2 * most + 1)) - (double)most; }
static void test_gemm_exact(void) { /* small integers: no rounding; the bits of one thread */
    int type;
    t_seed(33);
    for (type = 0; type < 4; type++) {
        const size_t m = T_SMALL ? 30 : 260, n = 205, k = 70;
        mv_gemm_opt o = {MEDVOL_OP_NONE, MEDVOL_OP_ADJOINT, {0, 0}, {0, 0}, 0};
        matrix a, b, c, d;
        size_t i, j;
        int ok = 1;
        make(&a, m, k, 0, type / 2, type % 2);
        make(&b, n, k, 1, type / 2, type % 2);
        make(&c, m, n, 0, type / 2, type % 2);
        make(&d, m, n, 0, type / 2, type % 2);
        for (j = 0; j < k; j++) {
            for (i = 0; i < m; i++) set(&a, i, j, of(whole(4), whole(4)));
            for (i = 0; i < n; i++) set(&b, i, j, of(whole(4), whole(4)));
        }
        CHECK_OK(gemm(T, &c, &a, &b, k, &o));
        CHECK_OK(gemm(T_NONE, &d, &a, &b, k, &o));
        CHECK(memcmp(c.p, d.p, c.bytes) == 0);
        for (j = 0; j < n; j += 7)
            for (i = 0; i < m; i += 3) {
                const pair v = get(&c, i, j), w = element(&a, &b, k, &o, i, j);
                ok &= v.re == w.re && (!(type % 2) || v.im == w.im);
            }
        CHECK(ok);
        noise(&a);
        CHECK_OK(gemm(T, &c, &a, &b, k, &o));
        CHECK_OK(gemm(T_NONE, &d, &a, &b, k, &o));
        CHECK(memcmp(c.p, d.p, c.bytes) == 0);
        drop(&a);
        drop(&b);
        drop(&c);
        drop(&d);
    }
}
/* ---- diagonals: against the definition, and mv_gemm's whole product ---- */
static mv_status gemm_diag(mv_ctx *ctx, matrix *d, const matrix *a, const matrix *b, size_t k,
                           const mv_gemm_opt *o) {
    const size_t m = d->rows;
    if (d->f64 && d->cx)
        return mv_gemm_diag_c128(ctx, (double *)d->p, (const double *)a->p, a->ld, (const double *)b->p,
            b->ld, m, k, o);
    if (d->f64)
        return mv_gemm_diag_f64(ctx, (double *)d->p, (const double *)a->p, a->ld, (const double *)b->p,
            b->ld, m, k, o);
    if (d->cx)
        return mv_gemm_diag_c64(ctx, (float *)d->p, (const float *)a->p, a->ld, (const float *)b->p, b->ld,
            m, k, o);
    return mv_gemm_diag_f32(ctx, (float *)d->p, (const float *)a->p, a->ld, (const float *)b->p, b->ld, m, k,
        o);
}
static void diagonal(size_t m, size_t k, int f64, int cx, const mv_gemm_opt *o, size_t gap, int whole_too) {
    const int add = o->beta[0] != 0 || o->beta[1] != 0;
    const double tol = f64 ? EPS * (4 + (double)k) : 1.1920929e-7 * 4 + 1e-16 * (double)k;
    matrix a, b, c, d, e;
    size_t i;
    int ok = 1;
    make(&a, o->op_a ? k : m, o->op_a ? m : k, gap, f64, cx);
    make(&b, o->op_b ? m : k, o->op_b ? k : m, 2 * gap, f64, cx);
    make(&d, m, 1, 0, f64, cx);
    make(&e, m, 1, 0, f64, cx);
    noise(&a), noise(&b), noise(&d);
    for (i = 0; i < m && !add; i++) set(&d, i, 0, of((double)NAN, (double)NAN));
    if (d.bytes) memcpy(e.p, d.p, d.bytes);
    CHECK_OK(gemm_diag(T, &d, &a, &b, k, o));
    if (whole_too) make(&c, m, m, 0, f64, cx);
    if (whole_too)
        for (i = 0; i < m; i++) set(&c, i, i, get(&e, i, 0));
    if (whole_too) CHECK_OK(gemm(T, &c, &a, &b, k, o));
    for (i = 0; i < m; i++) {
        const pair v = get(&d, i, 0);
        pair w = element(&a, &b, k, o, i, i);
        double most = 1;
        size_t l;
        for (l = 0; l < k; l++) most += size_of(operand(&a, o->op_a, i, l)) * size_of(operand(&b, o->op_b, l, i));
        if (add) {
            const pair t = times(of(o->beta[0], o->beta[1]), get(&e, i, 0));
            w.re += t.re, w.im += t.im;
        }
        /* in double: as good for floats as their rounding, however long the sum */
        ok &= size_of(of(v.re - w.re, v.im - w.im)) <=
              (f64 ? 4 * tol * most : 4e-7 * (1 + size_of(w)) + 1e-15 * most);
        if (whole_too) w = get(&c, i, i);
        ok &= !whole_too || size_of(of(v.re - w.re, v.im - w.im)) <= 16 * (f64 ? EPS : 1.2e-7) * most * 4;
    }
    CHECK_OK(gemm_diag(T_NONE, &e, &a, &b, k, o)); /* the bits of one thread */
    if (!add && d.bytes) CHECK(memcmp(d.p, e.p, d.bytes) == 0);
    if (!CHECK(ok && gaps_kept(&a)))
        fprintf(stderr, "  %zu, k %zu, %s %s, ops %d %d, gap %zu\n", m, k, f64 ? "double" : "float",
            cx ? "complex" : "real", (int)o->op_a, (int)o->op_b, gap);
    if (whole_too) drop(&c);
    drop(&a), drop(&b), drop(&d), drop(&e);
}
static void test_gemm_diag(void) {
    int type, op, run;
    t_seed(35);
    for (type = 0; type < 4; type++)
        for (op = 0; op < 9; op++)
            for (run = 0; run < (t_threads == 1 ? 12 : 4); run++) {
                mv_gemm_opt o = {MEDVOL_OP_NONE, MEDVOL_OP_NONE, {0, 0}, {0, 0}, 0};
                const size_t m = t_bits() % (run % 2 ? 150 : 20), k = t_bits() % (run % 3 ? 90 : 9);
                o.op_a = (mv_op)(op % 3);
                o.op_b = (mv_op)(op / 3);
                if (run % 2) o.alpha[0] = t_uniform(-2, 2), o.alpha[1] = type & 1 ? t_uniform(-2, 2) : 0;
                if (run % 3 == 1) o.beta[0] = 1;
                if (run % 3 == 2) o.beta[0] = t_uniform(-2, 2), o.beta[1] = type & 1 ? t_uniform(-1, 1) : 0;
                o.lower = run == 3; /* is not looked at */
                diagonal(m, k, type / 2, type % 2, &o, run % 5 < 2 ? 0 : t_bits() % 9, run != 3);
            }
    for (type = 0; type < 4 && !T_SMALL; type++)
        for (op = 0; op < 9; op += 2) { /* slabs of k, many blocks */
            mv_gemm_opt o = {MEDVOL_OP_NONE, MEDVOL_OP_NONE, {0, 0}, {0, 0}, 0};
            o.op_a = (mv_op)(op % 3);
            o.op_b = (mv_op)(op / 3);
            diagonal(3, 16384 * 2 + 5, type / 2, type % 2, &o, 1, 0);
            diagonal(2000, 40, type / 2, type % 2, &o, 0, 0);
        }
}
static void test_gemm_diag_refuses(void) {
    double a[12] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}, b[12] = {0}, d[8] = {7, 7, 7, 7};
    float f[12] = {1, 2, 3}, h[8] = {0};
    mv_gemm_opt o = {MEDVOL_OP_NONE, MEDVOL_OP_NONE, {0, 0}, {0, 0}, 0};
    CHECK_STATUS(mv_gemm_diag_f64(T, NULL, a, 3, b, 4, 3, 4, NULL), MEDVOL_E_NULL);
    CHECK_STATUS(mv_gemm_diag_f64(T, d, NULL, 3, b, 4, 3, 4, NULL), MEDVOL_E_NULL);
    CHECK_STATUS(mv_gemm_diag_f32(T, h, f, 3, NULL, 4, 3, 4, NULL), MEDVOL_E_NULL);
    CHECK_STATUS(mv_gemm_diag_f64(T, d, a, 2, b, 4, 3, 4, NULL), MEDVOL_E_RANGE);
    CHECK_STATUS(mv_gemm_diag_f64(T, d, a, 3, b, 3, 3, 4, NULL), MEDVOL_E_RANGE);
    CHECK_STATUS(mv_gemm_diag_c64(T, h, f, 1, f, 2, 2, 2, NULL), MEDVOL_E_RANGE);
    CHECK_STATUS(mv_gemm_diag_f64(T, a + 2, a, 3, b, 4, 3, 4, NULL), MEDVOL_E_ALIAS);
    CHECK_STATUS(mv_gemm_diag_c128(T, b, a, 1, b, 2, 1, 2, NULL), MEDVOL_E_ALIAS);
    CHECK_STATUS(mv_gemm_diag_f64(T, d, a, (size_t)-1 / 16, b, (size_t)-1 / 16, 3, 9, NULL), MEDVOL_E_SIZE);
    o.alpha[1] = 1;
    CHECK_STATUS(mv_gemm_diag_f64(T, d, a, 3, b, 4, 3, 4, &o), MEDVOL_E_RANGE);
    o.alpha[1] = 0, o.beta[0] = (double)NAN;
    CHECK_STATUS(mv_gemm_diag_f64(T, d, a, 3, b, 4, 3, 4, &o), MEDVOL_E_RANGE);
    o.beta[0] = 0, o.op_b = (mv_op)3;
    CHECK_STATUS(mv_gemm_diag_f64(T, d, a, 3, b, 4, 3, 4, &o), MEDVOL_E_RANGE);
    CHECK(d[0] == 7 && d[2] == 7);
    CHECK_OK(mv_gemm_diag_f64(T, NULL, NULL, 0, NULL, 4, 0, 4, NULL));
    CHECK_OK(mv_gemm_diag_f64(T, d, NULL, 3, NULL, 0, 3, 0, NULL));
    CHECK(d[0] == 0 && d[2] == 0 && d[3] == 7);
    o.op_b = MEDVOL_OP_NONE, o.op_a = MEDVOL_OP_TRANSPOSE; /* nothing is read, however the two lie */
    CHECK_OK(mv_gemm_diag_f64(T, d, NULL, 5, NULL, 5, 3, 0, &o));
    o.op_a = MEDVOL_OP_NONE, o.op_b = MEDVOL_OP_TRANSPOSE;
    CHECK_OK(mv_gemm_diag_f64(T, d, NULL, 5, NULL, 5, 3, 0, &o));
    CHECK(d[0] == 0 && d[2] == 0 && d[3] == 7);
    CHECK_OK(mv_gemm_diag_f64(T, d, a, 3, a, 4, 3, 4, NULL)); /* both may be the same */
    CHECK(d[0] == 1 * 1 + 4 * 2 + 7 * 3 + 10 * 4);
}
static void test_gemm_deep(void) { /* slabs of k; whole numbers: no rounding */
    int type, run;
    t_seed(34);
    for (type = 0; type < 4; type++)
        for (run = 0; run < 2; run++) {
            const size_t m = 5, n = 7, k = run ? 9001 : 8192;
            mv_gemm_opt o = {MEDVOL_OP_ADJOINT, MEDVOL_OP_NONE, {2, 0}, {0, 0}, 0};
            matrix a, b, c, d;
            size_t i, j;
            int ok = 1;
            make(&a, k, m, 1, type / 2, type % 2);
            make(&b, k, n, 0, type / 2, type % 2);
            make(&c, m, n, 2, type / 2, type % 2);
            make(&d, m, n, 2, type / 2, type % 2);
            for (j = 0; j < k; j++) {
                for (i = 0; i < m; i++) set(&a, j, i, of(whole(1), whole(1)));
                for (i = 0; i < n; i++) set(&b, j, i, of(whole(1), whole(1)));
            }
            o.lower = run;
            if (run) o.beta[0] = type % 2 ? 1 : 3;
            for (j = 0; j < n; j++)
                for (i = 0; i < m; i++) {
                    const double x = run ? (double)(i + j) : (double)NAN;
                    set(&c, i, j, of(x, x));
                    set(&d, i, j, of(x, x));
                }
            CHECK_OK(gemm(T, &c, &a, &b, k, &o));
            CHECK_OK(gemm(T_NONE, &d, &a, &b, k, &o));
            CHECK(memcmp(c.p, d.p, c.bytes) == 0);
            for (j = 0; j < n; j++)
                for (i = 0; i < m; i++) {
                    const pair v = get(&c, i, j);
                    pair w = element(&a, &b, k, &o, i, j);
                    const double was = (double)(i + j);
                    if (run && i < j) w = of(was, was);
                    else if (run) w.re += o.beta[0] * was, w.im += o.beta[0] * was;
                    ok &= v.re == w.re && (type % 2 == 0 || v.im == w.im);
                }
            CHECK(ok && gaps_kept(&c));
            drop(&a);
            drop(&b);
            drop(&c);
            drop(&d);
        }
}
static void test_gemm_nan(void) { /* a NaN or an infinity reaches its row or column, and nothing else */
    int type;
    for (type = 0; type < 4; type++) {
        mv_gemm_opt o = {MEDVOL_OP_NONE, MEDVOL_OP_NONE, {0, 0}, {0, 0}, 0};
        matrix a, b, c;
        size_t i, j;
        int ok = 1;
        make(&a, 19, 9, 0, type / 2, type % 2);
        make(&b, 9, 23, 0, type / 2, type % 2);
        make(&c, 19, 23, 0, type / 2, type % 2);
        noise(&a);
        noise(&b);
        set(&a, 17, 3, of((double)NAN, 0));
        set(&b, 2, 22, of(HUGE_VAL, 0));
        CHECK_OK(gemm(T, &c, &a, &b, 9, &o));
        for (j = 0; j < 23; j++)
            for (i = 0; i < 19; i++) {
                const pair v = get(&c, i, j);
                ok &= (i == 17) == (v.re != v.re) && (i == 17 || j == 22) == !(v.re - v.re == 0);
            }
        CHECK(ok);
        drop(&a);
        drop(&b);
        drop(&c);
    }
}

/* ---- Cholesky ---- */
static mv_status chol(mv_ctx *ctx, matrix *a) {
    return a->cx ? mv_chol_c128(ctx, (double *)a->p, a->ld, a->rows)
                 : mv_chol_f64(ctx, (double *)a->p, a->ld, a->rows);
}
static mv_status solve(mv_ctx *ctx, matrix *b, const matrix *l) {
    return l->cx
        ? mv_chol_solve_c128(ctx, (double *)b->p, b->ld, (const double *)l->p, l->ld, l->rows, b->columns)
        : mv_chol_solve_f64(ctx, (double *)b->p, b->ld, (const double *)l->p, l->ld, l->rows, b->columns);
}
static pair gram(const matrix *l, size_t i, size_t j) { /* (L L^H)(i, j) of the lower triangle */
    pair s = {0, 0};
    size_t k;
    for (k = 0; k <= (i < j ? i : j); k++) {
        const pair v = times(get(l, i, k), conj_of(get(l, j, k)));
        s.re += v.re, s.im += v.im;
    }
    return s;
}
static void factor(size_t n, size_t sides, int cx) {
    matrix a, l, b, x, y;
    double worst = 0, wrong = 0;
    size_t i, j, k;
    make(&y, n, n + 3, 0, 1, cx);
    make(&a, n, n, 0, 1, cx);
    make(&l, n, n, n % 3, 1, cx);
    make(&b, n, sides, 1, 1, cx);
    make(&x, n, sides, n % 2, 1, cx);
    noise(&y);
    noise(&b);
    for (j = 0; j < n; j++)
        for (i = 0; i < n; i++) {
            pair s = {0, 0};
            for (k = 0; k < n + 3; k++) {
                const pair v = times(get(&y, i, k), conj_of(get(&y, j, k)));
                s.re += v.re, s.im += v.im;
            }
            if (i == j) s.re += 1, s.im = 0;
            set(&a, i, j, s);
            set(&l, i, j, i < j ? of((double)NAN, (double)NAN) : i == j ? of(s.re, (double)NAN) : s);
        }
    CHECK_OK(chol(T, &l));
    for (j = 0; j < n; j++)
        for (i = 0; i < n; i++) {
            const pair s = gram(&l, i, j), v = get(&a, i, j), e = get(&l, i, j);
            if (i < j) CHECK(e.re != e.re); /* the upper triangle: as it was */
            if (i == j) CHECK(e.re > 0 && e.im == 0);
            if (i >= j) worst = fmax(worst, size_of(of(s.re - v.re, s.im - v.im)));
        }
    CHECK(worst <= 4 * EPS * (double)(n + 4) * (double)(n + 4) && gaps_kept(&l));
    for (j = 0; j < sides; j++)
        for (i = 0; i < n; i++) set(&x, i, j, get(&b, i, j));
    CHECK_OK(solve(T, &x, &l));
    for (j = 0; j < sides; j++)
        for (i = 0; i < n; i++) {
            pair s = {0, 0};
            for (k = 0; k < n; k++) {
                const pair v = times(get(&a, i, k), get(&x, k, j));
                s.re += v.re, s.im += v.im;
            }
            wrong = fmax(wrong, size_of(of(s.re - get(&b, i, j).re, s.im - get(&b, i, j).im)));
        }
    CHECK(wrong <= 40 * EPS * (double)(n + 4) * (double)(n + 4) && gaps_kept(&x));
    drop(&y);
    drop(&a);
    drop(&l);
    drop(&b);
    drop(&x);
}
static void test_chol(void) {
    size_t n;
    t_seed(41);
    for (n = 1; n <= 40; n++) factor(n, n % 5 + 1, n % 2 == 0), factor(n, 3, n % 2);
    factor(65, 40, 1);
    factor(100, 5, 0);
    if (t_threads != 2) factor(130, 35, 1);
}
static double choose(size_t n, size_t k) {
    double c = 1;
    size_t i;
    for (i = 1; i <= k; i++) c = c * (double)(n - k + i) / (double)i;
    return c;
}
static void test_chol_exact(void) {
    matrix a, l;
    size_t i, j, n = 28;
    int ok = 1;
    make(&a, n, n, 2, 1, 0); /* Pascal's matrix is the product of his triangles */
    for (j = 0; j < n; j++)
        for (i = 0; i < n; i++) set(&a, i, j, of(choose(i + j, i), 0));
    CHECK_OK(chol(T, &a));
    for (j = 0; j < n; j++)
        for (i = j; i < n; i++) ok &= get(&a, i, j).re == choose(i, j);
    CHECK(ok);
    drop(&a);
    n = 100; /* whole numbers, powers of two on the diagonal: no rounding on any way */
    make(&a, n, n, 0, 1, 1);
    make(&l, n, n, 0, 1, 1);
    t_seed(42);
    for (j = 0; j < n; j++)
        for (i = 0; i < n; i++)
            set(&l, i, j, i == j ? of((double)(1 << (i % 3)), 0)
                    : i > j      ? of((double)(t_bits() % 5) - 2, (double)(t_bits() % 5) - 2)
                                 : of(0, 0));
    for (j = 0; j < n; j++)
        for (i = j; i < n; i++) set(&a, i, j, gram(&l, i, j));
    CHECK_OK(chol(T, &a));
    for (ok = 1, j = 0; j < n; j++)
        for (i = j; i < n; i++)
            ok &= get(&a, i, j).re == get(&l, i, j).re && get(&a, i, j).im == get(&l, i, j).im;
    CHECK(ok);
    drop(&a);
    drop(&l);
}
static void test_chol_refuses(void) {
    static const size_t bad[4] = {0, 5, 37, 69};
    size_t k, i, j;
    for (k = 0; k < 8; k++) {
        matrix a;
        char name[40];
        make(&a, 70, 70, 0, 1, (int)(k / 4));
        for (j = 0; j < 70; j++)
            for (i = 0; i < 70; i++) set(&a, i, j, of(i == j ? 4.0 : 0.01, 0));
        if (k % 2) set(&a, bad[k % 4], bad[k % 4] / 2, of((double)NAN, 0));
        else set(&a, bad[k % 4], bad[k % 4], of(-2.5, 0));
        CHECK_STATUS(chol(T, &a), MEDVOL_E_SINGULAR);
        snprintf(name, sizeof name, "pivot %zu = %s", bad[k % 4], k % 2 ? "NaN" : "-2.5");
        CHECK(strstr(mv_message(T), name) && T->error.offset == (int64_t)bad[k % 4]);
        drop(&a);
    }
}

/* ---- eigenvalues ---- */
static mv_status eigh(mv_ctx *ctx, double *w, matrix *v, const matrix *a) {
    return a->cx ? mv_eigh_c128(ctx, w, v ? (double *)v->p : NULL, v ? v->ld : 0, (const double *)a->p, a->ld,
                       a->rows)
                 : mv_eigh_f64(ctx, w, v ? (double *)v->p : NULL, v ? v->ld : 0, (const double *)a->p, a->ld,
                       a->rows);
}
/* the first component of at least half the largest modulus is real and positive (or nearly the half) */
static int phase_kept(const matrix *v, size_t j) {
    double most = 0;
    size_t i;
    for (i = 0; i < v->rows; i++) most = fmax(most, size_of(get(v, i, j)));
    for (i = 0; i < v->rows; i++) {
        const pair p = get(v, i, j);
        if (size_of(p) < 0.5 * most * (1 - 1e-9)) continue;
        if (p.im == 0 && p.re > 0) return 1;
        if (size_of(p) > 0.5 * most * (1 + 1e-9)) return 0;
    }
    return 0;
}
static double apart(const matrix *u, size_t columns) { /* |U^H U - I| by element */
    double worst = 0;
    size_t i, j, k;
    for (j = 0; j < columns; j++)
        for (i = 0; i <= j; i++) {
            pair s = {0, 0};
            for (k = 0; k < u->rows; k++) {
                const pair v = times(conj_of(get(u, k, i)), get(u, k, j));
                s.re += v.re, s.im += v.im;
            }
            worst = fmax(worst, size_of(of(s.re - (i == j), s.im)));
        }
    return worst;
}
/* a: the whole matrix; scale: about its norm. w: the eigenvalues, for more tests */
static void decompose(const matrix *a, double scale, double *w) {
    const size_t n = a->rows;
    matrix v, l;
    double worst = 0, *again = (double *)malloc((n + 1) * sizeof *again);
    size_t i, j, k;
    int ok = 1;
    if (!CHECK(again)) return;
    make(&v, n, n, n % 3, 1, a->cx);
    make(&l, n, n, n % 2, 1, a->cx);
    for (j = 0; j < n; j++)
        for (i = 0; i < n; i++) {
            pair p = get(a, i, j);
            if (i == j) p.im = (double)NAN;
            set(&l, i, j, i < j ? of((double)NAN, (double)NAN) : p);
        }
    CHECK_OK(eigh(T, w, &v, &l));
    CHECK_OK(eigh(T, again, NULL, &l));
    CHECK(memcmp(w, again, n * sizeof *w) == 0 && gaps_kept(&v));
    for (j = 0; j < n; j++) {
        ok &= phase_kept(&v, j) && (j == 0 || w[j - 1] <= w[j]);
        for (i = 0; i < n; i++) {
            pair s = {0, 0}, e = get(&v, i, j);
            for (k = 0; k < n; k++) {
                const pair p = times(of(get(a, i, k).re / scale, get(a, i, k).im / scale), get(&v, k, j));
                s.re += p.re, s.im += p.im;
            }
            worst = fmax(worst, size_of(of(s.re - w[j] / scale * e.re, s.im - w[j] / scale * e.im)));
        }
    }
    CHECK(ok);
    if (!CHECK(worst <= 2 * EPS * (double)(n + 4)) || !CHECK(apart(&v, n) <= 2 * EPS * (double)(n + 4)))
        fprintf(stderr, "  n = %zu, %s: residual %g eps n, vectors %g eps n\n", n, a->cx ? "complex" : "real",
            worst / EPS / (double)n, apart(&v, n) / EPS / (double)n);
    free(again);
    drop(&v);
    drop(&l);
}
static void hermitian(matrix *a, double scale) { /* noise of norm about scale */
    const double f = scale / sqrt((double)a->rows);
    size_t i, j;
    for (j = 0; j < a->columns; j++)
        for (i = j; i < a->rows; i++) {
            const pair p = of(f * t_uniform(-1, 1), a->cx && i > j ? f * t_uniform(-1, 1) : 0);
            set(a, i, j, p);
            set(a, j, i, conj_of(p));
        }
}
static void test_eigh(void) {
    static const double scales[5] = {1, 1e150, 1e-150, 1e300, 1e-300};
    double w[300];
    matrix a;
    size_t n, k;
    int cx;
    t_seed(51);
    for (n = 1; n <= (t_threads == 1 ? 40 : 12); n++)
        for (cx = 0; cx < 2; cx++)
            for (k = 0; k < 5; k++) {
                if (k && n % 5 != k) continue;
                make(&a, n, n, 0, 1, cx);
                hermitian(&a, scales[k]);
                decompose(&a, scales[k], w);
                drop(&a);
            }
    for (k = 0; k < (T_SMALL ? 1 : t_threads == 1 ? 3 : 2); k++)
        for (cx = 0; cx < 2; cx++) {
            n = k == 0 ? 64 : k == 1 ? 128 : 288;
            make(&a, n, n, 0, 1, cx);
            hermitian(&a, 1);
            decompose(&a, 1, w);
            drop(&a);
        }
}
static void test_eigh_known(void) {
    double w[128];
    matrix a;
    size_t n, i, j;
    int cx, ok;
    for (n = 1; n <= 45; n++)
        for (cx = 0; cx < 2; cx++) { /* second differences, turned by phases: 2 - 2 cos(k pi / (n + 1)) */
            make(&a, n, n, 0, 1, cx);
            for (j = 0; j < n; j++)
                for (i = 0; i < n; i++) {
                    const double t = cx ? (double)(i * i) - (double)(j * j) : 0;
                    if (i == j) set(&a, i, j, of(2, 0));
                    else if (i == j + 1 || j == i + 1) set(&a, i, j, of(-cos(t), -sin(t)));
                    else set(&a, i, j, of(0, 0));
                }
            decompose(&a, 1, w);
            for (i = 0; i < n; i++) set(&a, i, i, of(0, 0)); /* and with nothing on the diagonal */
            if (n % 4 == 1) {
                double u[128];
                decompose(&a, 1, u);
                for (ok = 1, i = 0; i < n; i++) ok &= fabs(u[i] - (w[i] - 2)) <= 16 * EPS * (double)(n + 4);
                CHECK(ok);
            }
            for (ok = 1, i = 0; i < n; i++) {
                const double want = 2 - 2 * cos((double)(i + 1) * PI / (double)(n + 1));
                ok &= fabs(w[i] - want) <= 16 * EPS * (double)(n + 4);
            }
            CHECK(ok);
            drop(&a);
        }
    for (cx = 0; cx < 2; cx++) {
        n = 37;
        make(&a, n, n, 0, 1, cx);
        for (j = 0; j < n; j++) /* diagonal, unordered, with repetitions: exact */
            for (i = 0; i < n; i++) set(&a, i, j, of(i == j ? (double)(i * 7 % 11) - 3 : 0, 0));
        decompose(&a, 8, w);
        for (ok = 1, i = 0; i < n; i++) ok &= w[i] == floor(w[i]) && w[i] >= -3 && w[i] <= 7;
        CHECK(ok && w[0] == -3 && w[n - 1] == 7);
        for (j = 0; j < n; j++)
            for (i = 0; i < n; i++) set(&a, i, j, of(0, 0));
        decompose(&a, 1, w);
        CHECK(w[0] == 0 && w[n - 1] == 0);
        for (j = 0; j < n; j++) /* rank one: n and zeros */
            for (i = 0; i < n; i++) {
                const double t = cx ? (double)i - (double)j : 0;
                set(&a, i, j, of(cos(t), sin(t)));
            }
        decompose(&a, (double)n, w);
        CHECK_NEAR(w[n - 1], (double)n, 1e-13 * (double)n);
        CHECK(fabs(w[n - 2]) < 1e-13 && fabs(w[0]) < 1e-13);
        for (j = 0; j < n; j++) /* Hilbert's: down to nothing */
            for (i = 0; i < n; i++) set(&a, i, j, of(1.0 / (double)(i + j + 1), 0));
        decompose(&a, 1, w);
        CHECK(w[0] > -1e-15 && w[n - 1] < PI);
        drop(&a);
    }
}
static void test_eigh_clusters(void) { /* H D H of a reflector H and D of few values */
    static const double value[6] = {1, 1, 1 + 1e-12, 2, 1e-9, -2};
    double w[128], u[60];
    size_t n = 60, i, j, k;
    matrix a;
    double norm = 0;
    t_seed(53);
    for (i = 0; i < n; i++) u[i] = t_uniform(-1, 1), norm += u[i] * u[i];
    make(&a, n, n, 0, 1, 0);
    for (j = 0; j < n; j++)
        for (i = 0; i < n; i++) {
            double s = 0;
            for (k = 0; k < n; k++)
                s += ((i == k) - 2 * u[i] * u[k] / norm) * value[k % 6] * ((j == k) - 2 * u[j] * u[k] / norm);
            set(&a, i, j, of(s, 0));
            set(&a, j, i, of(s, 0));
        }
    decompose(&a, 2, w);
    for (i = 0; i < n; i++) {
        const double want = i < 10 ? -2 : i < 20 ? 0 : i < 50 ? 1 : 2;
        CHECK_NEAR(w[i], want, 1e-8);
    }
    CHECK_NEAR(w[15], 1e-9, 1e-14);
    drop(&a);
}
static void test_eigh_threads(void) { /* the bits of one thread; v over a */
    const size_t n = T_SMALL ? 40 : 270;
    double *w = (double *)malloc(2 * n * sizeof *w);
    matrix a, v;
    if (!CHECK(w)) return;
    t_seed(54);
    make(&a, n, n, 0, 1, 1);
    make(&v, n, n, 0, 1, 1);
    hermitian(&a, 1);
    CHECK_OK(eigh(T, w, &v, &a));
    CHECK_OK(eigh(T_NONE, w + n, &a, &a));
    CHECK(memcmp(w, w + n, n * sizeof *w) == 0 && memcmp(a.p, v.p, a.bytes) == 0);
    drop(&a);
    drop(&v);
    free(w);
}

/* ---- singular values ---- */
static mv_status svd(mv_ctx *ctx, matrix *u, double *s, matrix *v, const matrix *a) {
    double *up = u ? (double *)u->p : NULL, *vp = v ? (double *)v->p : NULL;
    const size_t lu = u ? u->ld : 0, lv = v ? v->ld : 0;
    return a->cx ? mv_svd_c128(ctx, up, lu, s, vp, lv, (const double *)a->p, a->ld, a->rows, a->columns)
                 : mv_svd_f64(ctx, up, lu, s, vp, lv, (const double *)a->p, a->ld, a->rows, a->columns);
}
static void split(const matrix *a, double scale, double *s) {
    const size_t m = a->rows, n = a->columns, r = m < n ? m : n, most = m < n ? n : m;
    const double tol = 4 * EPS * (double)(most + 4);
    matrix u, v;
    double worst = 0, alone[64];
    size_t i, j, k;
    int ok = 1;
    make(&u, m, r, m % 2, 1, a->cx);
    make(&v, n, r, n % 3, 1, a->cx);
    CHECK_OK(svd(T, &u, s, &v, a));
    CHECK_OK(svd(T, NULL, alone, NULL, a));
    CHECK(memcmp(s, alone, r * sizeof *s) == 0 && gaps_kept(&u) && gaps_kept(&v));
    for (k = 0; k < r; k++) ok &= phase_kept(&u, k) && s[k] >= 0 && (k == 0 || s[k] <= s[k - 1]);
    CHECK(ok);
    for (j = 0; j < n; j++)
        for (i = 0; i < m; i++) {
            pair sum = of(-get(a, i, j).re / scale, -get(a, i, j).im / scale);
            for (k = 0; k < r; k++) {
                const pair p = times(get(&u, i, k), conj_of(get(&v, j, k)));
                sum.re += s[k] / scale * p.re, sum.im += s[k] / scale * p.im;
            }
            worst = fmax(worst, size_of(sum));
        }
    if (!CHECK(worst <= tol && apart(&u, r) <= tol && apart(&v, r) <= tol))
        fprintf(stderr, "  %zu x %zu, %s: residual %g eps, u %g eps, v %g eps\n", m, n,
            a->cx ? "complex" : "real", worst / EPS, apart(&u, r) / EPS, apart(&v, r) / EPS);
    drop(&u);
    drop(&v);
}
static void test_svd(void) {
    static const size_t shape[6][2] = {{20, 7}, {7, 20}, {33, 33}, {63, 40}, {40, 64}, {200, 9}};
    static const double scales[3] = {1, 1e300, 1e-300};
    double s[64];
    size_t m, n, k;
    int cx;
    t_seed(61);
    for (m = 1; m <= 12; m++)
        for (n = 1; n <= 12; n++)
            for (cx = 0; cx < 2; cx++) {
                matrix a;
                const double scale = scales[(m + n) % 3];
                size_t i, j;
                make(&a, m, n, 1, 1, cx);
                noise(&a);
                for (j = 0; j < n; j++)
                    for (i = 0; i < m; i++) {
                        const pair p = get(&a, i, j);
                        set(&a, i, j, of(scale * p.re, scale * p.im));
                    }
                split(&a, scale * 3, s);
                drop(&a);
            }
    for (k = 0; k < 12; k++) {
        matrix a;
        make(&a, shape[k / 2][0], shape[k / 2][1], 0, 1, (int)(k % 2));
        noise(&a);
        split(&a, 8, s);
        drop(&a);
    }
}
static void test_svd_ranks(void) { /* nothing, one, equal columns, zero columns */
    double s[64];
    int cx, kind;
    t_seed(62);
    for (cx = 0; cx < 2; cx++)
        for (kind = 0; kind < 10; kind++) {
            const size_t m = kind % 2 ? 9 : 14, n = kind % 2 ? 13 : 11, r = m < n ? m : n;
            matrix a;
            size_t i, j;
            make(&a, m, n, 0, 1, cx);
            noise(&a);
            for (j = 0; j < n; j++)
                for (i = 0; i < m; i++) {
                    if (kind / 2 == 0) set(&a, i, j, of(0, 0));
                    if (kind / 2 == 1)
                        set(&a, i, j, times(of((double)i + 1, cx ? 1 : 0), of(1, cx ? (double)j : 0)));
                    if (kind / 2 == 2 && j % 3) set(&a, i, j, get(&a, i, j - j % 3));
                    if (kind / 2 == 3 && (j % 4 == 1 || i % 4 == 2)) set(&a, i, j, of(0, 0));
                    if (kind / 2 == 4) set(&a, i, j, of(i == j ? 1 : 0, 0));
                }
            split(&a, 20, s);
            if (kind / 2 == 0) CHECK(s[0] == 0);
            if (kind / 2 == 1) CHECK(s[0] > 1 && s[1] < 1e-12 * s[0]);
            if (kind / 2 == 4) CHECK(s[0] == 1 && s[r - 1] == 1);
            drop(&a);
        }
}
static void test_svd_small_values(void) { /* columns of a reflector times 1 to 1e-120: to the last digits */
    const size_t n = 13;
    double s[16], u[13], norm = 0;
    size_t i, j;
    matrix a;
    t_seed(63);
    for (i = 0; i < n; i++) u[i] = t_uniform(-1, 1), norm += u[i] * u[i];
    make(&a, n, n, 0, 1, 0);
    for (j = 0; j < n; j++)
        for (i = 0; i < n; i++)
            set(&a, i, j, of(((i == j) - 2 * u[i] * u[j] / norm) * pow(10, -10.0 * (double)j), 0));
    CHECK_OK(svd(T, NULL, s, NULL, &a));
    for (j = 0; j < n; j++) CHECK_NEAR(s[j] * pow(10, 10.0 * (double)j), 1, 1e-14);
    drop(&a);
}
static void test_svd_threads(void) { /* the bits of one thread; u over a */
    double s[2][90];
    matrix a, u, v, x;
    t_seed(64);
    make(&a, 100, 90, 0, 1, 1);
    make(&u, 100, 90, 0, 1, 1);
    make(&v, 90, 90, 0, 1, 1);
    make(&x, 90, 90, 0, 1, 1);
    noise(&a);
    CHECK_OK(svd(T, &u, s[0], &v, &a));
    CHECK_OK(svd(T_NONE, &a, s[1], &x, &a));
    CHECK(memcmp(s[0], s[1], sizeof s[0]) == 0 && memcmp(a.p, u.p, a.bytes) == 0);
    CHECK(memcmp(v.p, x.p, v.bytes) == 0);
    drop(&a);
    drop(&u);
    drop(&v);
    drop(&x);
}

/* ---- errors ---- */
static void test_errors(void) {
    static double x[200], y[200], z[200], was[200];
    static float f[200], g[200], h[200];
    const size_t huge = (size_t)-1 / 4;
    mv_gemm_opt o = {MEDVOL_OP_NONE, MEDVOL_OP_NONE, {0, 0}, {0, 0}, 0};
    size_t i;
    for (i = 0; i < 200; i++) was[i] = z[i] = 7;
    CHECK_STATUS(mv_gemm_f64(T, NULL, 4, x, 4, y, 4, 4, 4, 4, NULL), MEDVOL_E_NULL);
    CHECK_STATUS(mv_gemm_f64(T, z, 4, NULL, 4, y, 4, 4, 4, 4, NULL), MEDVOL_E_NULL);
    CHECK_STATUS(mv_gemm_c64(T, h, 4, f, 4, NULL, 4, 4, 4, 4, NULL), MEDVOL_E_NULL);
    CHECK_STATUS(mv_gemm_f64(T, z, 3, x, 4, y, 4, 4, 4, 4, NULL), MEDVOL_E_RANGE);
    CHECK_STATUS(mv_gemm_f64(T, z, 4, x, 3, y, 4, 4, 4, 4, NULL), MEDVOL_E_RANGE);
    CHECK(strstr(mv_message(T), "leading dimension of a = 3: must be at least 4"));
    CHECK_STATUS(mv_gemm_f32(T, h, 4, f, 4, g, 3, 4, 4, 4, NULL), MEDVOL_E_RANGE);
    CHECK_STATUS(mv_gemm_f64(T, z, huge, x, huge, y, huge, huge, huge, huge, NULL), MEDVOL_E_SIZE);
    CHECK_STATUS(mv_gemm_c128(T, z, 2, z + 4, 2, y, 2, 2, 2, 2, NULL), MEDVOL_E_ALIAS);
    CHECK_STATUS(mv_gemm_c128(T, z, 2, x, 2, z + 7, 2, 2, 2, 2, NULL), MEDVOL_E_ALIAS);
    CHECK_OK(mv_gemm_c128(T, x, 2, z, 2, x + 8, 2, 2, 2, 2, NULL));
    o.op_a = (mv_op)3;
    CHECK_STATUS(mv_gemm_f64(T, z, 4, x, 4, y, 4, 4, 4, 4, &o), MEDVOL_E_RANGE);
    o.op_a = MEDVOL_OP_NONE, o.op_b = (mv_op)-1;
    CHECK_STATUS(mv_gemm_f64(T, z, 4, x, 4, y, 4, 4, 4, 4, &o), MEDVOL_E_RANGE);
    o.op_b = MEDVOL_OP_NONE, o.alpha[0] = (double)NAN;
    CHECK_STATUS(mv_gemm_f64(T, z, 4, x, 4, y, 4, 4, 4, 4, &o), MEDVOL_E_RANGE);
    o.alpha[0] = 0, o.beta[1] = 1;
    CHECK_STATUS(mv_gemm_f64(T, z, 4, x, 4, y, 4, 4, 4, 4, &o), MEDVOL_E_RANGE);
    o.beta[1] = HUGE_VAL;
    CHECK_STATUS(mv_gemm_c128(T, z, 4, x, 4, y, 4, 4, 4, 4, &o), MEDVOL_E_RANGE);
    CHECK_OK(mv_gemm_f64(T, NULL, 0, NULL, 0, y, 4, 0, 4, 4, NULL));
    CHECK_OK(mv_gemm_f64(T, NULL, 4, x, 4, NULL, 4, 4, 0, 4, NULL));
    CHECK(memcmp(z, was, sizeof z) == 0);
    CHECK_OK(mv_gemm_f64(T, z, 4, NULL, 4, NULL, 0, 4, 4, 0, NULL)); /* no terms: zeros */
    CHECK(z[0] == 0 && z[15] == 0 && z[16] == 7);
    for (i = 0; i < 200; i++) z[i] = 7;

    CHECK_STATUS(mv_chol_f64(T, NULL, 3, 3), MEDVOL_E_NULL);
    CHECK_STATUS(mv_chol_c128(T, z, 2, 3), MEDVOL_E_RANGE);
    CHECK_STATUS(mv_chol_c128(T, z, huge, huge), MEDVOL_E_SIZE);
    CHECK_OK(mv_chol_f64(T, NULL, 0, 0));
    for (i = 0; i < 200; i++) x[i] = i % 4 == 0 && i < 9;
    CHECK_STATUS(mv_chol_solve_f64(T, NULL, 3, x, 3, 3, 2), MEDVOL_E_NULL);
    CHECK_STATUS(mv_chol_solve_f64(T, z, 3, NULL, 3, 3, 2), MEDVOL_E_NULL);
    CHECK_STATUS(mv_chol_solve_f64(T, z, 2, x, 3, 3, 2), MEDVOL_E_RANGE);
    CHECK_STATUS(mv_chol_solve_f64(T, z, 3, x, 2, 3, 2), MEDVOL_E_RANGE);
    CHECK_STATUS(mv_chol_solve_f64(T, x + 8, 3, x, 3, 3, 2), MEDVOL_E_ALIAS);
    CHECK_STATUS(mv_chol_solve_c128(T, z, huge, x, huge, huge, 2), MEDVOL_E_SIZE);
    x[4] = 0;
    CHECK_STATUS(mv_chol_solve_f64(T, z, 3, x, 3, 3, 2), MEDVOL_E_SINGULAR);
    x[4] = (double)NAN;
    CHECK_STATUS(mv_chol_solve_f64(T, z, 3, x, 3, 3, 2), MEDVOL_E_SINGULAR);
    CHECK(strstr(mv_message(T), "l(1, 1) = NaN"));
    x[4] = 1;
    CHECK_OK(mv_chol_solve_f64(T, NULL, 3, x, 3, 3, 0));
    CHECK(memcmp(z, was, sizeof z) == 0);
    CHECK_OK(mv_chol_solve_f64(T, z, 3, x, 3, 3, 2));
    CHECK(memcmp(z, was, sizeof z) == 0); /* the unit matrix */

    CHECK_STATUS(mv_eigh_f64(T, NULL, y, 3, x, 3, 3), MEDVOL_E_NULL);
    CHECK_STATUS(mv_eigh_f64(T, z, y, 3, NULL, 3, 3), MEDVOL_E_NULL);
    CHECK_STATUS(mv_eigh_f64(T, z, y, 2, x, 3, 3), MEDVOL_E_RANGE);
    CHECK_STATUS(mv_eigh_c128(T, z, y, 3, x, 2, 3), MEDVOL_E_RANGE);
    CHECK_STATUS(mv_eigh_c128(T, z, y, huge, x, huge, huge), MEDVOL_E_SIZE);
    CHECK_STATUS(mv_eigh_f64(T, y + 8, y, 3, x, 3, 3), MEDVOL_E_ALIAS);
    CHECK_OK(mv_eigh_f64(T, NULL, NULL, 0, NULL, 0, 0));
    x[3] = (double)NAN; /* above the diagonal */
    CHECK_OK(mv_eigh_f64(T, y, y + 3, 3, x, 3, 3));
    x[2] = HUGE_VAL;
    CHECK_STATUS(mv_eigh_f64(T, z, y, 3, x, 3, 3), MEDVOL_E_RANGE);
    CHECK(strstr(mv_message(T), "a(2, 0) = Inf: must be finite"));
    CHECK(memcmp(z, was, sizeof z) == 0);

    CHECK_STATUS(mv_svd_f64(T, y, 3, z, y + 9, 3, x, 3, 3, 3), MEDVOL_E_RANGE);
    x[2] = 0;
    CHECK_STATUS(mv_svd_f64(T, y, 3, z, y + 9, 3, x, 3, 3, 3), MEDVOL_E_RANGE);
    CHECK(strstr(mv_message(T), "a(0, 1) = NaN: must be finite"));
    x[3] = 0;
    CHECK_STATUS(mv_svd_f64(T, y, 3, NULL, y + 9, 3, x, 3, 3, 3), MEDVOL_E_NULL);
    CHECK_STATUS(mv_svd_f64(T, y, 3, z, y + 9, 3, NULL, 3, 3, 3), MEDVOL_E_NULL);
    CHECK_STATUS(mv_svd_f64(T, y, 2, z, y + 9, 3, x, 3, 3, 3), MEDVOL_E_RANGE);
    CHECK_STATUS(mv_svd_f64(T, y, 3, z, y + 9, 2, x, 3, 3, 3), MEDVOL_E_RANGE);
    CHECK_STATUS(mv_svd_c128(T, y, 3, z, y + 30, 3, x, 2, 3, 3), MEDVOL_E_RANGE);
    CHECK_STATUS(mv_svd_c128(T, y, huge, z, y + 30, huge, x, huge, huge, huge), MEDVOL_E_SIZE);
    CHECK_STATUS(mv_svd_f64(T, y, 3, z, y + 8, 3, x, 3, 3, 3), MEDVOL_E_ALIAS);
    CHECK_STATUS(mv_svd_f64(T, y, 3, y + 2, z, 3, x, 3, 3, 3), MEDVOL_E_ALIAS);
    CHECK_STATUS(mv_svd_f64(T, y, 3, y + 20, y + 18, 3, x, 3, 3, 3), MEDVOL_E_ALIAS);
    CHECK_OK(mv_svd_f64(T, NULL, 3, NULL, NULL, 0, NULL, 3, 3, 0));
    CHECK_OK(mv_svd_f64(T, NULL, 0, NULL, NULL, huge, NULL, 0, 0, huge)); /* at once */
    CHECK_OK(mv_chol_solve_f64(T, NULL, 0, NULL, 0, 0, huge));
    CHECK_OK(mv_gemm_f32(T, NULL, 0, NULL, 0, NULL, 0, 0, huge, 0, NULL));
    CHECK(memcmp(z, was, sizeof z) == 0);
}
static int stop_at_once(void *user, double done, double total, const char *label) {
    (void)label;
    CHECK(done >= 0 && done <= total);
    return ++*(int *)user > 1;
}
static void test_cancel(void) {
    const size_t n = 850;
    double *x = T_SMALL ? NULL : (double *)calloc(3 * n * n, sizeof *x);
    double *y = x + n * n, *z = y + n * n;
    size_t i;
    int calls[5] = {0};
    if (T_SMALL || !CHECK(x)) return;
    for (i = 0; i < n; i++) x[i + i * n] = 1;
    T->desc.progress = stop_at_once;
    T->desc.progress_user = &calls[0];
    CHECK_STATUS(mv_gemm_f64(T, z, n, x, n, y, n, n, n, n, NULL), MEDVOL_E_CANCELLED);
    T->desc.progress_user = &calls[1];
    CHECK_STATUS(mv_eigh_f64(T, z, y, 256, x, n, 256), MEDVOL_E_CANCELLED);
    T->desc.progress_user = &calls[2];
    CHECK_STATUS(mv_svd_f64(T, NULL, 0, z, NULL, 0, x, n, 100, 100), MEDVOL_E_CANCELLED);
    T->desc.progress_user = &calls[3];
    CHECK_STATUS(mv_chol_f64(T, x, n, n), MEDVOL_E_CANCELLED);
    for (i = 0; i < n; i++) x[i + i * n] = 1;
    T->desc.progress_user = &calls[4];
    CHECK_STATUS(mv_chol_solve_f64(T, y, n, x, n, n, n), MEDVOL_E_CANCELLED);
    T->desc.progress = NULL;
    for (i = 0; i < 5; i++) CHECK(calls[i] == 2);
    free(x);
}
/* stopped at the first, at each later quarter and at the last call */
static struct {
    int at, calls;
} stop;
static int stop_at(void *user, double done, double total, const char *label) {
    (void)user, (void)done, (void)total, (void)label;
    return ++stop.calls == stop.at;
}
static void test_cancel_anywhere(void) {
    double w[256];
    matrix a, v;
    int k, all = 0, which;
    if (T_SMALL || t_threads == 2) return;
    t_seed(72);
    make(&a, 256, 256, 0, 1, 1);
    make(&v, 256, 256, 0, 1, 1);
    hermitian(&a, 1);
    T->desc.progress = stop_at;
    for (which = 0; which < 2; which++)
        for (k = -1; k <= 4; k++) {
            stop.calls = 0;
            stop.at = k < 0 ? -1 : k == 0 ? 1 : all * k / 4;
            CHECK_STATUS(which == 0 ? eigh(T, w, &v, &a)
                                    : mv_svd_f64(T, NULL, 0, w, (double *)v.p, 70, (const double *)a.p, 200,
                                          200, 70),
                k < 0 ? MEDVOL_OK : MEDVOL_E_CANCELLED);
            if (k < 0) all = stop.calls;
        }
    T->desc.progress = NULL;
    drop(&a);
    drop(&v);
}
/* to the end with somebody watching */
static int watch(void *user, double done, double total, const char *label) {
    double *last = (double *)user;
    CHECK(done >= *last && done <= total && strstr(label, "eigh"));
    *last = done;
    return 0;
}
static void test_progress(void) {
    double w[256], last = 0;
    matrix a, v;
    if (T_SMALL || t_threads == 2) return;
    t_seed(71);
    make(&a, 256, 256, 0, 1, 0);
    make(&v, 256, 256, 0, 1, 0);
    hermitian(&a, 1);
    T->desc.progress = watch;
    T->desc.progress_user = &last;
    CHECK_OK(eigh(T, w, &v, &a));
    T->desc.progress = NULL;
    CHECK(last == 3 * 256.0);
    drop(&a);
    drop(&v);
}

/* ---- L D L^T ---- */
/* P A P^T from the factors, back to A, against the matrix; the leading dimension, gaps and scale are any */
static double ldlt_off(const matrix *was, const matrix *l, const int32_t *pivot, double *most) {
    const size_t n = was->rows;
    double *m = (double *)calloc(2 * n * n + 1, sizeof *m), *d = m + n * n, off = 0;
    size_t i, j, k, r;
    for (k = 0; k < n; k++) { /* m: L, whose rows changed places after they were made */
        m[k + k * n] = 1;
        d[k + k * n] = get(l, k, k).re;
        if (pivot[k] < 0) d[k + 1 + k * n] = d[k + (k + 1) * n] = get(l, k + 1, k).re;
        for (i = k + (pivot[k] < 0 ? 2 : 1); i < n; i++) m[i + k * n] = get(l, i, k).re;
    }
    for (k = n; k > 0; k--) { /* rows of L back to where they were in A */
        const size_t at = pivot[k - 1] < 0 ? k : k - 1;
        const size_t from = pivot[k - 1] < 0 ? (size_t)(-1 - pivot[k - 1]) : (size_t)pivot[k - 1];
        if (pivot[k - 1] == 1 << 30) continue;
        for (j = 0; j < n && at != from; j++) {
            const double t = m[at + j * n];
            m[at + j * n] = m[from + j * n];
            m[from + j * n] = t;
        }
    }
    *most = 0;
    for (j = 0; j < n; j++)
        for (i = j; i < n; i++) {
            double sum = 0;
            for (k = 0; k < n; k++)
                for (r = k ? k - 1 : 0; r < n && r < k + 2; r++)
                    sum += m[i + k * n] * d[k + r * n] * m[j + r * n];
            off = fmax(off, fabs(sum - get(was, i, j).re));
            *most = fmax(*most, fabs(get(was, i, j).re));
        }
    free(m);
    return off;
}
enum { WILD, NO_DIAGONAL, SADDLE, FALLING, RANKS, TWOS, SHAPES };
static void symmetric(matrix *a, int shape, double scale) {
    const size_t n = a->rows;
    size_t i, j;
    for (j = 0; j < n; j++)
        for (i = j; i < n; i++) {
            double x = t_uniform(-1, 1);
            if (shape == NO_DIAGONAL && i == j) x = 0;
            if (shape == SADDLE && j >= n / 2) x = 0;
            if (shape == FALLING) x *= pow(10, -0.2 * (double)j);
            if (shape == RANKS) x = i % 3 == 0 && j % 3 == 0 ? 2 : 0;
            if (shape == TWOS) x = i == j + 1 && j % 2 == 0 ? 3 : 0;
            set(a, i, j, of(x * scale, 0));
            set(a, j, i, of(i == j ? x * scale : (double)NAN, 0)); /* what lies above is not read */
        }
}
static void ldlt_of(size_t n, size_t gap, int shape, double scale) {
    matrix a, was, b, x;
    int32_t *pivot = (int32_t *)t_guard(n * sizeof *pivot);
    size_t i, j, k, signs[3] = {9, 9, 9}, want[3] = {0, 0, 0};
    double most, off, *w = (double *)malloc((n + 1) * sizeof *w);
    double *full = (double *)malloc((n * n + 1) * sizeof *full);
    make(&a, n, n, gap, 1, 0);
    make(&was, n, n, 0, 1, 0);
    make(&b, n, 3, gap, 1, 0);
    make(&x, n, 3, 0, 1, 0);
    symmetric(&a, shape, scale);
    for (j = 0; j < n; j++)
        for (i = j; i < n; i++) set(&was, i, j, get(&a, i, j)), full[i + j * n] = get(&a, i, j).re;
    CHECK_OK(mv_ldlt_f64(T, (double *)a.p, a.ld, pivot, n));
    CHECK(gaps_kept(&a));
    off = ldlt_off(&was, &a, pivot, &most);
    if (!CHECK(off <= 40 * EPS * (double)(n + 1) * most))
        fprintf(stderr, "  %zu, shape %d, scale %g: off by %g of %g\n", n, shape, scale, off, most);
    CHECK_OK(mv_ldlt_inertia_f64(T, signs, (const double *)a.p, a.ld, pivot, n));
    CHECK(signs[0] + signs[1] + signs[2] == n);
    CHECK_OK(mv_eigh_f64(T, w, NULL, n, full, n, n)); /* another way to the signs */
    for (i = 0; i < n; i++)
        want[fabs(w[i]) <= 1e-13 * (double)n * most ? 2 : w[i] > 0 ? 0 : 1]++;
    if (shape != FALLING && shape != SADDLE) CHECK(!memcmp(signs, want, sizeof want));
    noise(&x);
    for (k = 0; k < 3; k++)
        for (i = 0; i < n; i++) {
            double sum = 0;
            for (j = 0; j < n; j++) sum += get(&was, i > j ? i : j, i > j ? j : i).re * get(&x, j, k).re;
            set(&b, i, k, of(sum, 0));
        }
    if (signs[2]) {
        CHECK_STATUS(mv_ldlt_solve_f64(T, (double *)b.p, b.ld, (const double *)a.p, a.ld, pivot, n, 3),
            MEDVOL_E_SINGULAR);
        CHECK(n == 0 || get(&a, (size_t)T->error.offset, (size_t)T->error.offset).re == 0);
    } else {
        double residual = 0, size = 0;
        CHECK_OK(mv_ldlt_solve_f64(T, (double *)b.p, b.ld, (const double *)a.p, a.ld, pivot, n, 3));
        for (k = 0; k < 3; k++)
            for (i = 0; i < n; i++) { /* what is left, not what x is: that depends on the condition */
                double sum = 0;
                for (j = 0; j < n; j++) {
                    const double e = get(&was, i > j ? i : j, i > j ? j : i).re;
                    sum += e * (get(&b, j, k).re - get(&x, j, k).re);
                    size = fmax(size, fabs(get(&b, j, k).re));
                }
                residual = fmax(residual, fabs(sum));
            }
        CHECK(n == 0 || residual <= 200 * EPS * (double)(n + 1) * (double)(n + 1) * most * (1 + size));
        CHECK(gaps_kept(&b));
    }
    free(w);
    free(full);
    drop(&a);
    drop(&was);
    drop(&b);
    drop(&x);
    t_guard_free(pivot, n * sizeof *pivot);
}
static void ldlt(void) {
    static const size_t sizes[] = {0, 1, 2, 3, 5, 8, 17, 31, 32, 33, 64, 97};
    size_t s;
    int shape;
    t_seed(77);
    for (s = 0; s < sizeof sizes / sizeof *sizes; s++)
        for (shape = 0; shape < SHAPES; shape++) ldlt_of(sizes[s], s % 3, shape, 1);
    ldlt_of(20, 0, NO_DIAGONAL, 1e300);
    ldlt_of(20, 1, WILD, 1e-300);
    ldlt_of(200, 1, WILD, 3);
}
static void ldlt_exact(void) {
    /* a block of two, then one: eigenvalues of [0 1; 1 0] and -4 */
    double a[9] = {0, 1, 0, 7, 0, 0, 7, 7, -4}, b[3] = {2, 3, 8};
    double zero[4] = {0, 0, 5, 0};
    int32_t pivot[3];
    size_t signs[3];
    CHECK_OK(mv_ldlt_f64(T, a, 3, pivot, 3));
    CHECK_OK(mv_ldlt_inertia_f64(T, signs, a, 3, pivot, 3));
    CHECK(signs[0] == 1 && signs[1] == 2 && signs[2] == 0);
    CHECK_OK(mv_ldlt_solve_f64(T, b, 3, a, 3, pivot, 3, 1));
    CHECK(b[0] == 3 && b[1] == 2 && b[2] == -2);
    CHECK_OK(mv_ldlt_f64(T, zero, 2, pivot, 2));
    CHECK_OK(mv_ldlt_inertia_f64(T, signs, zero, 2, pivot, 2));
    CHECK(signs[0] == 0 && signs[1] == 0 && signs[2] == 2);
}
static int ldlt_stop(void *user, double done, double total, const char *label) {
    (void)user, (void)done, (void)total, (void)label;
    return 1;
}
static void ldlt_refused(void) {
    double a[16] = {4, 1, 2, 3, 0, 5, 1, 2, 0, 0, -6, 1, 0, 0, 0, 7}, l[16], b[4] = {1, 2, 3, 4};
    int32_t pivot[4], odd[4];
    size_t signs[3] = {9, 9, 9}, k;
    memcpy(l, a, sizeof l);
    CHECK_STATUS(mv_ldlt_f64(T, NULL, 4, pivot, 4), MEDVOL_E_NULL);
    CHECK_STATUS(mv_ldlt_f64(T, l, 4, NULL, 4), MEDVOL_E_NULL);
    CHECK_STATUS(mv_ldlt_f64(T, l, 3, pivot, 4), MEDVOL_E_RANGE);
    CHECK_STATUS(mv_ldlt_f64(T, l, (size_t)-1 / 4, pivot, (size_t)-1 / 4), MEDVOL_E_SIZE);
    CHECK_STATUS(mv_ldlt_f64(T, l, 4, (int32_t *)(void *)(l + 3), 4), MEDVOL_E_ALIAS);
    for (k = 0; k < 3; k++) {
        l[6] = k ? k == 1 ? HUGE_VAL : -HUGE_VAL : (double)NAN;
        CHECK_STATUS(mv_ldlt_f64(T, l, 4, pivot, 4), MEDVOL_E_RANGE);
        l[6] = a[6];
    }
    CHECK(!memcmp(l, a, sizeof l));
    CHECK_OK(mv_ldlt_f64(T, l, 4, pivot, 4));
    CHECK_STATUS(mv_ldlt_solve_f64(T, NULL, 4, l, 4, pivot, 4, 1), MEDVOL_E_NULL);
    CHECK_STATUS(mv_ldlt_solve_f64(T, b, 4, NULL, 4, pivot, 4, 1), MEDVOL_E_NULL);
    CHECK_STATUS(mv_ldlt_solve_f64(T, b, 4, l, 4, NULL, 4, 1), MEDVOL_E_NULL);
    CHECK_STATUS(mv_ldlt_solve_f64(T, b, 3, l, 4, pivot, 4, 1), MEDVOL_E_RANGE);
    CHECK_STATUS(mv_ldlt_solve_f64(T, b, 4, l, 3, pivot, 4, 1), MEDVOL_E_RANGE);
    CHECK_STATUS(mv_ldlt_solve_f64(T, l + 2, 4, l, 4, pivot, 4, 1), MEDVOL_E_ALIAS);
    CHECK_STATUS(mv_ldlt_inertia_f64(T, NULL, l, 4, pivot, 4), MEDVOL_E_NULL);
    CHECK_STATUS(mv_ldlt_inertia_f64(T, signs, NULL, 4, pivot, 4), MEDVOL_E_NULL);
    for (k = 0; k < 6; k++) {
        memcpy(odd, pivot, sizeof odd);
        odd[k < 4 ? k : 3] = k < 4 ? 4 : k == 4 ? -5 : 1 << 30;
        CHECK_STATUS(mv_ldlt_solve_f64(T, b, 4, l, 4, odd, 4, 1), MEDVOL_E_RANGE);
        CHECK_STATUS(mv_ldlt_inertia_f64(T, signs, l, 4, odd, 4), MEDVOL_E_RANGE);
        CHECK(T->error.offset == (int64_t)(k < 4 ? k : 3) || pivot[k < 4 ? k : 3] == 1 << 30);
    }
    CHECK(b[0] == 1 && b[3] == 4 && signs[0] == 9);
    T->desc.progress = ldlt_stop;
    CHECK_STATUS(mv_ldlt_f64(T, a, 4, pivot, 4), MEDVOL_E_CANCELLED);
    T->desc.progress = NULL;
}
const t_case tests_linalg[] = {{"ldlt", ldlt, 0}, {"ldlt_exact", ldlt_exact, 0},
    {"ldlt_refused", ldlt_refused, 0},
    
    {"gemm", test_gemm, 0},
    {"gemm_sizes", test_gemm_sizes, 0},
    {"gemm_exact", test_gemm_exact, 0},
    {"gemm_deep", test_gemm_deep, 0},
    {"gemm_diag", test_gemm_diag, 0},
    {"gemm_diag_refuses", test_gemm_diag_refuses, 0},
    {"gemm_nan", test_gemm_nan, 0},
    {"chol", test_chol, 0},
    {"chol_exact", test_chol_exact, 0},
    {"chol_refuses", test_chol_refuses, 0},
    {"eigh", test_eigh, 0},
    {"eigh_known", test_eigh_known, 0},
    {"eigh_clusters", test_eigh_clusters, 0},
    {"eigh_threads", test_eigh_threads, 0},
    {"svd", test_svd, 0},
    {"svd_ranks", test_svd_ranks, 0},
    {"svd_small_values", test_svd_small_values, 0},
    {"svd_threads", test_svd_threads, 0},
    {"errors", test_errors, T_ONCE},
    {"cancel", test_cancel, 0},
    {"cancel_anywhere", test_cancel_anywhere, 0},
    {"progress", test_progress, 0},
    {NULL, NULL, 0},
};
