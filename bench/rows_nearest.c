/* rows_nearest.c - nearest neighbours of a million points. */
#define BENCH_MARK_CALLS
#include "bench.h"

enum { POINTS = 1000000 };
typedef struct cloud {
    mv_kdtree tree; /* or */
    mv_cells cells;
    double *p, *q, *d2; /* points, queries: an array of each axis */
    uint32_t *index;
    size_t *start, room, k;
    int flat, grid;
} cloud;
static double chance(size_t i) { /* 0..1 */
    uint64_t z = ((uint64_t)i + 1) * 0x9e3779b97f4a7c15u;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return (double)((z ^ z >> 31) >> 11) / 9007199254740992.0;
}
static double reach(const cloud *c) { return c->flat ? 0.0015 : 0.015; }
static mv_status build(bench *b) {
    cloud *c = (cloud *)b->own;
    mv_kdtree_free(b->ctx, &c->tree);
    mv_cells_free(b->ctx, &c->cells);
    b->numbers = 1;
    if (c->grid)
        return mv_cells_init(b->ctx, &c->cells, c->p, c->p + POINTS, c->flat ? NULL : c->p + 2 * POINTS,
            POINTS, c->k ? 0 : reach(c));
    return mv_kdtree_init(b->ctx, &c->tree, c->p, c->p + POINTS, c->flat ? NULL : c->p + 2 * POINTS, POINTS);
}
static mv_status ask(bench *b) {
    cloud *c = (cloud *)b->own;
    b->numbers = 1;
    if (c->grid)
        return mv_cells_nearest(b->ctx, &c->cells, c->index, c->d2, c->q, c->q + POINTS,
            c->flat ? NULL : c->q + 2 * POINTS, POINTS, c->k, NULL);
    return mv_kdtree_nearest(b->ctx, &c->tree, c->index, c->d2, c->q, c->q + POINTS,
        c->flat ? NULL : c->q + 2 * POINTS, POINTS, c->k, NULL);
}
static mv_status all_within(bench *b, uint32_t *index, double *d2, size_t room) {
    cloud *c = (cloud *)b->own;
    const double *z = c->flat ? NULL : c->q + 2 * POINTS;
    b->numbers = 1;
    if (c->grid)
        return mv_cells_radius(b->ctx, &c->cells, c->start, index, d2, room, c->q, c->q + POINTS, z, POINTS,
            reach(c));
    return mv_kdtree_radius(b->ctx, &c->tree, c->start, index, d2, room, c->q, c->q + POINTS, z, POINTS,
        reach(c));
}
static mv_status within(bench *b) {
    cloud *c = (cloud *)b->own;
    return all_within(b, c->index, c->d2, c->room);
}
static mv_status make(bench *b, int flat, size_t k, int grid) { /* k 0: within a radius */
    cloud *c = (cloud *)calloc(1, sizeof *c);
    size_t i;
    mv_status st;
    if (!(b->own = c)) return MEDVOL_E_NOMEM;
    c->flat = flat;
    c->grid = grid;
    c->k = k;
    c->p = (double *)malloc(6 * (size_t)POINTS * sizeof *c->p);
    c->start = (size_t *)malloc((POINTS + 1) * sizeof *c->start);
    if (!c->p || !c->start) return MEDVOL_E_NOMEM;
    c->q = c->p + 3 * (size_t)POINTS;
    for (i = 0; i < 6 * (size_t)POINTS; i++) c->p[i] = chance(i);
    if ((st = build(b)) < 0) return st;
    c->room = POINTS * k;
    if (!k) {
        if ((st = all_within(b, NULL, NULL, 0)) < 0) return st;
        c->room = c->start[POINTS];
    }
    c->index = (uint32_t *)malloc(c->room * sizeof *c->index);
    c->d2 = (double *)malloc(c->room * sizeof *c->d2);
    return c->index && c->d2 ? MEDVOL_OK : MEDVOL_E_NOMEM;
}
static mv_status space_1(bench *b) { return make(b, 0, 1, 0); }
static mv_status space_8(bench *b) { return make(b, 0, 8, 0); }
static mv_status space_near(bench *b) { return make(b, 0, 0, 0); }
static mv_status plane_1(bench *b) { return make(b, 1, 1, 0); }
static mv_status cells_1(bench *b) { return make(b, 0, 1, 1); }
static mv_status cells_8(bench *b) { return make(b, 0, 8, 1); }
static mv_status cells_near(bench *b) { return make(b, 0, 0, 1); }
static mv_status cells_plane(bench *b) { return make(b, 1, 1, 1); }
static void done(bench *b) {
    cloud *c = (cloud *)b->own;
    if (!c) return;
    mv_kdtree_free(b->ctx, &c->tree);
    mv_cells_free(b->ctx, &c->cells);
    free(c->p);
    free(c->start);
    free(c->index);
    free(c->d2);
    free(c);
}
/* some queries against all points: none but those found is as near as the farthest of them */
static int check(bench *b) {
    cloud *c = (cloud *)b->own;
    size_t i, j, a;
    if (c->k && ask(b) < 0) return 1;
    for (i = 0; i < POINTS; i += 99991) {
        const size_t from = c->k ? i * c->k : c->start[i], n = c->k ? c->k : c->start[i + 1] - from;
        const double most = c->k ? c->d2[from + n - 1] : reach(c) * reach(c);
        size_t found = 0;
        for (j = 0; j < POINTS; j++) {
            double d = 0;
            for (a = 0; a < (c->flat ? 2u : 3u); a++) {
                const double e = c->q[a * POINTS + i] - c->p[a * POINTS + j];
                d += e * e;
            }
            found += d <= most;
        }
        for (j = 1; j < n; j++)
            if (c->d2[from + j] < c->d2[from + j - 1]) return 1;
        if (found != n) return 1;
    }
    return 0;
}
/* Multiply-adds: of each query the distances to the eight boxes of a node at each of six heights, and to the
   points of a leaf or more, in doubles; a comparison of each point at each of 17 halvings. */
static double work_ask(const bench *b) {
    const cloud *c = (const cloud *)b->own;
    return 2.0 * POINTS * (c->flat ? 2 : 3) * (6 * 8 * 2 + 8 + (double)c->k);
}
static double work_build(const bench *b) { (void)b; return 2.0 * POINTS * 17; }
/* Cells: a point's three coordinates, twice; of each query the 27 cells about it, of two points or, within a
   radius, of three. */
static double work_cells(const bench *b) { (void)b; return 2.0 * POINTS * 6; }
static double work_rings(const bench *b) {
    const cloud *c = (const cloud *)b->own;
    return 2.0 * POINTS * (c->flat ? 2 * 9 * 2 : 3 * 27 * (c->k ? 2 : 3));
}
#define ROW(name, run, how, count)                                                                           \
    {name, MEDVOL_F64, run, .check = check, .work = count, .setup = how, .done = done, .most = 1}
const bench_row rows_nearest[] = {
    ROW("k-d tree of 1 M points", build, space_1, work_build),
    ROW("k-d tree of 1 M points, plane", build, plane_1, work_build),
    ROW("nearest of 1 M, 1 M queries", ask, space_1, work_ask),
    ROW("nearest of 1 M, plane", ask, plane_1, work_ask),
    ROW("8 nearest of 1 M", ask, space_8, work_ask),
    ROW("nearest of 1 M within radius", within, space_near, work_ask),
    ROW("cells of 1 M points", build, cells_1, work_cells),
    ROW("cells: nearest of 1 M, 1 M queries", ask, cells_1, work_rings),
    ROW("cells: nearest of 1 M, plane", ask, cells_plane, work_rings),
    ROW("cells: 8 nearest of 1 M", ask, cells_8, work_rings),
    ROW("cells: nearest of 1 M within radius", within, cells_near, work_rings),
    {0},
};
#undef ROW
