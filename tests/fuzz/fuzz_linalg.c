/* fuzz_linalg.c - matrices of any shape and content: refused by name, or what the scalar level gives. */
#include "fuzz.h"

enum { MOST = 20, ROOM = 2 * MOST * (MOST + 2), PARTS = 3 };
static double from[2][ROOM], to[2][PARTS][ROOM];
static struct {
    int which, wild; /* wild: elements that are huge, infinite or NaN */
    size_t m, n, k;
} call;

static size_t side(void) { return fz_byte() > 253 ? (size_t)-1 / 3 : fz_byte() % MOST; }
static size_t leading(size_t rows) {
    const size_t more = fz_byte() % 4;
    return rows > MOST ? rows : more < 3 ? rows + more : rows / 2;
}
static void elements(int f32) {
    uint32_t seed = fz_byte();
    size_t i, a;
    for (a = 0; a < 2; a++)
        for (i = 0; i < ROOM; i++) {
            double x = (double)(seed >> 12) / 524288.0 - 1.0;
            seed = seed * 1664525u + 1013904223u;
            if (call.wild && i % 17 == 0) x = fz_number();
            if (f32) ((float *)from[a])[i] = (float)x;
            else from[a][i] = x;
        }
}
static mv_status gemm(mv_ctx *c, double out[PARTS][ROOM], const mv_gemm_opt *o, const size_t *ld) {
    float *f = (float *)out[0];
    const float *p = (const float *)from[0], *q = (const float *)from[1];
    switch (call.which) {
        case 0: return mv_gemm_f32(c, f, ld[0], p, ld[1], q, ld[2], call.m, call.n, call.k, o);
        case 1: return mv_gemm_c64(c, f, ld[0], p, ld[1], q, ld[2], call.m, call.n, call.k, o);
        case 2:
            return mv_gemm_f64(c, out[0], ld[0], from[0], ld[1], from[1], ld[2], call.m, call.n, call.k, o);
        default:
            return mv_gemm_c128(c, out[0], ld[0], from[0], ld[1], from[1], ld[2], call.m, call.n, call.k, o);
    }
}
static mv_status diagonal(mv_ctx *c, double out[PARTS][ROOM], const mv_gemm_opt *o, const size_t *ld) {
    float *f = (float *)out[0];
    const float *p = (const float *)from[0], *q = (const float *)from[1];
    switch (call.which) {
        case 0: return mv_gemm_diag_f32(c, f, p, ld[1], q, ld[2], call.m, call.k, o);
        case 1: return mv_gemm_diag_c64(c, f, p, ld[1], q, ld[2], call.m, call.k, o);
        case 2: return mv_gemm_diag_f64(c, out[0], from[0], ld[1], from[1], ld[2], call.m, call.k, o);
        default: return mv_gemm_diag_c128(c, out[0], from[0], ld[1], from[1], ld[2], call.m, call.k, o);
    }
}
static mv_status ldlt(mv_ctx *c, double out[PARTS][ROOM], const size_t *ld) {
    static int32_t pivot[MOST];
    const size_t n = call.n, columns = call.m;
    size_t signs[3], i, j, k;
    double most = 0;
    mv_status st = mv_ldlt_f64(c, out[0], ld[0], pivot, n);
    if (st < 0) return st;
    st = mv_ldlt_inertia_f64(c, signs, out[0], ld[0], pivot, n);
    MUST(st == MEDVOL_OK && signs[0] + signs[1] + signs[2] == n);
    memcpy(out[1], from[1], sizeof out[1]);
    st = mv_ldlt_solve_f64(c, out[1], ld[1], out[0], ld[0], pivot, n, columns);
    MUST(st != MEDVOL_E_SINGULAR || signs[2]);
    for (j = 0; st == MEDVOL_OK && !call.wild && j < columns; j++)
        for (i = 0; i < n; i++) { /* A x = b, to what A x is made of */
            double sum = -from[1][i + j * ld[1]], size = fabs(sum);
            for (k = 0; k < n; k++) {
                const double t = from[0][i > k ? i + k * ld[0] : k + i * ld[0]] * out[1][k + j * ld[1]];
                sum += t, size += fabs(t), most = fmax(most, fabs(out[1][k + j * ld[1]]));
            }
            MUST(fabs(sum) <= 1e-8 * (size + most));
        }
    memset(out, 0, PARTS * sizeof out[0]); /* other pivots, other factors */
    return st;
}
static mv_status rest(mv_ctx *c, double out[PARTS][ROOM], const size_t *ld) {
    const size_t m = call.m, n = call.n;
    memcpy(out[0], from[0], sizeof out[0]);
    switch (call.which) {
        case 4: return mv_chol_f64(c, out[0], ld[0], n);
        case 5: return mv_chol_c128(c, out[0], ld[0], n);
        case 6: return mv_chol_solve_f64(c, out[0], ld[0], from[1], ld[1], n, m);
        case 7: return mv_chol_solve_c128(c, out[0], ld[0], from[1], ld[1], n, m);
        case 12: return ldlt(c, out, ld);
        case 8: return mv_eigh_f64(c, out[1], out[2], ld[1], from[0], ld[0], n);
        case 9: return mv_eigh_c128(c, out[1], m % 4 ? out[2] : NULL, ld[1], from[0], ld[0], n);
        case 10: return mv_svd_f64(c, out[0], ld[0], out[1], out[2], ld[1], from[0], ld[2], m, n);
        default: return mv_svd_c128(c, NULL, ld[0], out[1], out[2], ld[1], from[0], ld[2], m, n);
    }
}
static mv_status play(mv_ctx *c, const uint8_t *p, size_t n, double out[PARTS][ROOM]) {
    mv_gemm_opt o;
    size_t ld[3], i, unit;
    mv_status st;
    fz_tape(p, n);
    call.which = (int)(fz_byte() % 13);
    call.wild = fz_byte() > 200;
    call.m = side(), call.n = side(), call.k = side();
    unit = call.which % 2 ? 2 : 1;
    memset(out, 0, PARTS * sizeof out[0]);
    memset(&o, 0, sizeof o);
    elements(call.which < 2);
    if (call.which < 4) {
        o.op_a = (mv_op)(fz_byte() > 250 ? 7 : fz_byte() % 3);
        o.op_b = (mv_op)(fz_byte() % 3);
        o.lower = fz_byte() & 1;
        if (fz_byte() > 128) o.alpha[0] = fz_number(), o.alpha[1] = unit > 1 ? fz_number() : 0;
        if (fz_byte() > 200) o.beta[0] = 0.5;
        ld[0] = leading(call.m), ld[1] = leading(o.op_a ? call.k : call.m);
        ld[2] = leading(o.op_b ? call.n : call.k);
        if (fz_byte() & 1) {
            if (call.m <= MOST) call.n = call.m;
            ld[2] = leading(o.op_b ? call.m : call.k);
            st = diagonal(c, out, &o, ld);
        } else st = gemm(c, out, &o, ld);
        call.wild |= fabs(o.alpha[0]) + fabs(o.alpha[1]) > 1e3;
    } else {
        const size_t r = call.m < call.n ? call.m : call.n;
        ld[0] = leading(call.which < 10 ? call.n : call.m), ld[1] = leading(call.n), ld[2] = leading(call.m);
        for (i = 0; call.which < 8 && i < MOST; i++) { /* dominant: no pivot comes near zero */
            if (fz_byte() > 250) continue;
            if (unit * i * (ld[0] + 1) < ROOM && ld[0] < ROOM) from[0][unit * i * (ld[0] + 1)] = 60;
            if (unit * i * (ld[1] + 1) < ROOM && ld[1] < ROOM) from[1][unit * i * (ld[1] + 1)] = 60;
        }
        st = rest(c, out, ld);
        for (i = 1; st == MEDVOL_OK && call.which >= 8 && call.which < 12 && i < r; i++)
            MUST(call.which < 10 ? out[1][i - 1] <= out[1][i] : out[1][i - 1] >= out[1][i] && out[1][i] >= 0);
    }
    if (st < 0) fz_failed(c, st);
    MUST(st != MEDVOL_E_CONVERGENCE && st != MEDVOL_E_CANCELLED);
    fz_end();
    return st;
}
FUZZ(linalg) {
    mv_status st, want;
    double most = 1.0;
    size_t i, part;
    if (n < 3) return 0;
    fz_level(p[1]);
    st = play(p[1] & 4 ? fz_begin_pool(p[0], 1 << 24) : fz_begin(p[0], 1 << 24), p + 2, n - 2, to[0]);
    if (fz_refused()) return 0;
    fz_level(0);
    want = play(fz_begin(0, 1 << 24), p + 2, n - 2, to[1]);
    if (fz_refused() || call.wild) return 0;
    MUST(st == want);
    part = call.which < 8 ? 0 : 1; /* vectors of values close to each other may be any */
    for (i = 0; call.which >= 2 && i < ROOM; i++) /* a pivot that is not dominant makes large ones */
        if (fabs(to[1][part][i]) > most && fabs(to[1][part][i]) < HUGE_VAL) most = fabs(to[1][part][i]);
    for (i = 0; st == MEDVOL_OK && i < ROOM; i++) {
        const double x = call.which < 2 ? (double)((float *)to[0][0])[i] : to[0][part][i];
        const double y = call.which < 2 ? (double)((float *)to[1][0])[i] : to[1][part][i];
        MUST(fabs(x - y) <= (call.which < 2 ? 0.05 : 1e-9 * most) || (x != x && y != y));
    }
    return 0;
}
