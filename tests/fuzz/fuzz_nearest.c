/* fuzz_nearest.c - trees and cells of any points, asked at any place: what comes out is what all distances
   say. */
#include "fuzz.h"

enum { MOST = 300, MOST_K = 60, ROOM = MOST * MOST_K };
static double P[3][MOST], Q[3][MOST], far[ROOM];
static uint32_t name[ROOM];
static size_t start[MOST + 1];
static void places(double (*p)[MOST], size_t n) { /* often the same ones */
    const unsigned kind = fz_byte(), steps = 1 + fz_byte();
    size_t i, c;
    for (c = 0; c < 3; c++)
        for (i = 0; i < n; i++) p[c][i] = (double)(fz_noise() % steps) * (kind & 1 ? 0.1 : 1) - 3;
    if (kind > 200 && n) p[kind % 3][fz_byte() % n] = fz_number();
}
static double between(size_t i, size_t q, int flat) {
    const double x = P[0][i] - Q[0][q], y = P[1][i] - Q[1][q], z = P[2][i] - Q[2][q];
    const double d = x * x + y * y;
    return flat ? d : d + z * z;
}
/* m neighbours of a query, in order; no point that is not among them is nearer than the last, or than most */
static void right(const uint32_t *index, const double *d, size_t m, size_t n, size_t q, int flat,
                  double most) {
    size_t i, j, nearer = 0;
    for (j = 0; j < m; j++) {
        MUST(index[j] < n && d[j] == between(index[j], q, flat) && d[j] <= most);
        MUST(j == 0 || d[j] > d[j - 1] || (d[j] == d[j - 1] && index[j] > index[j - 1]));
    }
    for (i = 0; i < n; i++) {
        const double e = between(i, q, flat);
        nearer += e <= most && (m == 0 || e < d[m - 1] || (e == d[m - 1] && i <= index[m - 1]));
    }
    MUST(nearer == m);
}
static size_t entries(const uint32_t *index, size_t k) {
    size_t m = k;
    while (m > 0 && index[m - 1] == MEDVOL_NO_NEIGHBOUR) m--;
    return m;
}
/* one of both; the other is empty */
typedef struct list {
    mv_kdtree t;
    mv_cells g;
    int cells;
} list;
static mv_status make(mv_ctx *c, list *l, size_t n, int flat, double size) {
    memset(l, 0, sizeof *l);
    l->cells = size >= 0 || size != size;
    return l->cells ? mv_cells_init(c, &l->g, P[0], P[1], flat ? NULL : P[2], n, size)
                    : mv_kdtree_init(c, &l->t, P[0], P[1], flat ? NULL : P[2], n);
}
static mv_status step(fz_step *s) {
    list l;
    mv_nearest_opt o;
    const size_t n = fz_byte() > 252 ? ((size_t)-1) / 4 : (fz_byte() | fz_byte() << 8) % MOST;
    const size_t asked = fz_byte() > 252 ? ((size_t)-1) / 4 : (fz_byte() | fz_byte() << 8) % MOST;
    const size_t k = fz_byte() % MOST_K, real = asked < MOST ? asked : 0;
    const int flat = (int)(fz_byte() & 1);
    double radius = fz_byte() > 200 ? fz_number() : (double)(fz_byte() % 8), size = -1;
    size_t i, total;
    mv_status st;
    places(P, n < MOST ? n : 0);
    places(Q, real);
    if (sizeof(size_t) < 8 && (n >= MOST || asked >= MOST)) return MEDVOL_OK; /* not refused there */
    if (fz_byte() & 1) size = fz_byte() > 200 ? fz_number() : fz_byte() / 16.0;
    st = make(s->ctx, &l, n, flat, size);
    MUST(st == MEDVOL_OK || (!l.t.block && !l.t.points && !l.g.block && !l.g.points));
    MUST(l.g.cells <= 2 * n + 1);
    if (st < 0) return st;
    o.radius = radius;
    memset(name, 1, sizeof name);
    if (fz_byte() & 1) {
        st = l.cells
            ? mv_cells_nearest(s->ctx, &l.g, name, far, Q[0], Q[1], flat ? NULL : Q[2], asked, k, &o)
            : mv_kdtree_nearest(s->ctx, &l.t, name, far, Q[0], Q[1], flat ? NULL : Q[2], asked, k, &o);
        MUST(st == MEDVOL_OK || name[0] == 0x01010101u);
        for (i = 0; i < real && st == MEDVOL_OK; i++) {
            const size_t m = entries(name + i * k, k);
            if (m == k) right(name + i * k, far + i * k, k, n, i, flat, far[i * k + k - 1]);
            else right(name + i * k, far + i * k, m, n, i, flat, radius > 0 ? radius * radius : HUGE_VAL);
        }
        total = real * k;
    } else {
        const double *z = flat ? NULL : Q[2];
        st = l.cells
            ? mv_cells_radius(s->ctx, &l.g, start, name, far, ROOM, Q[0], Q[1], z, asked, radius)
            : mv_kdtree_radius(s->ctx, &l.t, start, name, far, ROOM, Q[0], Q[1], z, asked, radius);
        MUST(st == MEDVOL_OK || name[0] == 0x01010101u);
        MUST(st != MEDVOL_E_SPACE || start[real] > ROOM);
        for (i = 0; i < real && st == MEDVOL_OK; i++)
            right(name + start[i], far + start[i], start[i + 1] - start[i], n, i, flat, radius * radius);
        total = st == MEDVOL_OK ? start[real] : 0;
    }
    if (st == MEDVOL_OK) {
        s->hash = fz_hash(s->hash, name, total * sizeof *name);
        s->hash = fz_hash(s->hash, far, total * sizeof *far);
    }
    mv_kdtree_free(s->ctx, &l.t);
    mv_cells_free(s->ctx, &l.g);
    return st;
}
static const fz_op ops[] = {step};
FUZZ(nearest) { return fz_steps(p, n, ops, sizeof ops / sizeof *ops, 1 << 26); }
