/* test_nearest.c - nearest neighbours against all distances in double: shapes of clouds, coinciding points,
   ties, every k, radii, threads and levels; what is refused. Cells of all sizes give what the tree gives. */
#include "test.h"

enum { MOST = 4000 };
static double P[3][MOST], Q[3][MOST];

/* ---- the oracle: every distance, sorted by distance and index ---- */
typedef struct hit {
    double d;
    uint32_t i;
} hit;
static hit all[MOST];
static int by_distance(const void *a, const void *b) {
    const hit *p = (const hit *)a, *q = (const hit *)b;
    if (p->d != q->d) return p->d < q->d ? -1 : 1;
    return p->i < q->i ? -1 : p->i > q->i;
}
static size_t measure(size_t n, int dims, size_t query, double most) { /* those at most so far away */
    size_t i, m = 0;
    for (i = 0; i < n; i++) {
        const double dx = P[0][i] - Q[0][query], dy = P[1][i] - Q[1][query], dz = P[2][i] - Q[2][query];
        double d = dx * dx + dy * dy;
        if (dims == 3) d = d + dz * dz;
        if (d <= most) all[m].d = d, all[m++].i = (uint32_t)i;
    }
    qsort(all, m, sizeof *all, by_distance);
    return m;
}
static int right(const uint32_t *index, const double *d2, size_t k, size_t n, int dims, size_t query,
                 double most) {
    const size_t m = measure(n, dims, query, most);
    size_t j;
    for (j = 0; j < k; j++)
        if (j < m ? index[j] != all[j].i || d2[j] != all[j].d
                  : index[j] != MEDVOL_NO_NEIGHBOUR || !(d2[j] > 1e308))
            return 0;
    return 1;
}

/* ---- clouds ---- */
enum { EVEN, CLUMPS, GRID, LINE, SPOT, FAR, SPHERE, STRAY, SHEET, TINY, KINDS };
static void cloud(double (*p)[MOST], size_t n, int kind) {
    size_t i;
    int c;
    for (i = 0; i < n; i++) {
        const double angle = t_uniform(0, 6.28318530717958648), z = t_uniform(-1, 1);
        for (c = 0; c < 3; c++)
            p[c][i] = kind == EVEN     ? t_uniform(-90, 110)
                      : kind == CLUMPS ? (double)(t_bits() % 3) * 50 + 0.01 * t_normal()
                      : kind == GRID   ? (double)(t_bits() % 7)
                      : kind == LINE   ? (c == 1 ? t_uniform(0, 1000) : 3.25)
                      : kind == SPOT   ? -7.125
                      : kind == FAR    ? t_uniform(-1, 1) * pow(10, t_uniform(-160, 149))
                      : kind == STRAY  ? t_uniform(0, 1) * (i % 100 == 7 ? 1e140 : 1) /* few, far away */
                      : kind == SHEET  ? (c == 2 ? 1e9 : t_uniform(0, 1e-3))
                      : kind == TINY   ? t_uniform(0, 1) * 1e-161 /* squares are lost to underflow */
                                       : 0;
        if (kind == SPHERE) {
            p[0][i] = sqrt(1 - z * z) * cos(angle), p[1][i] = sqrt(1 - z * z) * sin(angle);
            p[2][i] = z;
        }
    }
}
/* cells of many sizes: the outputs of the tree, bit by bit; start: of those within radius; NULL: of the k
   nearest */
static void cells_of(size_t n, size_t queries, size_t k, int dims, double radius, const size_t *start,
                     const uint32_t *index, const double *d2) {
    static const double sizes[] = {0, 1e-300, 1e-9, 0.03, 1, 7, 40, 1e9, 9e149};
    const double *pz = dims == 3 ? P[2] : NULL, *qz = dims == 3 ? Q[2] : NULL;
    const size_t total = start ? start[queries] : queries * k;
    uint32_t *index2 = (uint32_t *)t_guard(total * sizeof *index2);
    double *far = (double *)t_guard(total * sizeof *far);
    size_t *start2 = (size_t *)t_guard((queries + 1) * sizeof *start2), s;
    for (s = 0; s < sizeof sizes / sizeof *sizes; s++) {
        mv_cells c;
        mv_nearest_opt o = {0};
        int ok;
        o.radius = radius;
        memset(index2, 1, total * sizeof *index2);
        CHECK_OK(mv_cells_init(T, &c, P[0], P[1], pz, n, sizes[s]));
        CHECK(c.points == n && c.dims == dims && c.cells >= 1 && c.cells <= 2 * n + 1 && c.size > 0);
        CHECK(n == 0 || sizes[s] == 0 || c.size >= sizes[s]);
        if (start) {
            CHECK_OK(mv_cells_radius(T, &c, start2, NULL, NULL, 0, Q[0], Q[1], qz, queries, radius));
            CHECK(!memcmp(start, start2, (queries + 1) * sizeof *start));
            if (total)
                CHECK_STATUS(mv_cells_radius(T, &c, start2, index2, far, total - 1, Q[0], Q[1], qz, queries,
                    radius), MEDVOL_E_SPACE);
            CHECK_OK(mv_cells_radius(T, &c, start2, index2, far, total, Q[0], Q[1], qz, queries, radius));
            ok = !memcmp(start, start2, (queries + 1) * sizeof *start);
        } else {
            CHECK_OK(mv_cells_nearest(T, &c, index2, far, Q[0], Q[1], qz, queries, k, &o));
            ok = 1;
        }
        ok = ok && !memcmp(index, index2, total * sizeof *index) && !memcmp(d2, far, total * sizeof *d2);
        if (!CHECK(ok))
            fprintf(stderr, "  cells of %g (%g, %zu): %zu points, %zu queries, k %zu, %d axes, radius %g\n",
                sizes[s], c.size, c.cells, n, queries, k, dims, radius);
        mv_cells_free(T, &c);
        CHECK(!c.block && !c.points);
    }
    t_guard_free(index2, total * sizeof *index2);
    t_guard_free(far, total * sizeof *far);
    t_guard_free(start2, (queries + 1) * sizeof *start2);
}
static void one(size_t n, size_t queries, size_t k, int dims, int kind, int asked, double radius) {
    mv_kdtree t;
    mv_nearest_opt o;
    const double *pz = dims == 3 ? P[2] : NULL, *qz = dims == 3 ? Q[2] : NULL;
    const double most = radius > 0 ? radius * radius : HUGE_VAL;
    uint32_t *index;
    double *d2;
    size_t i;
    int ok = 1;
    cloud(P, n, kind);
    cloud(Q, queries, asked);
    for (i = 0; i < queries / 3 && n; i++) { /* some queries on points */
        const size_t j = t_bits() % n;
        Q[0][i] = P[0][j], Q[1][i] = P[1][j], Q[2][i] = P[2][j];
    }
    o.radius = radius;
    index = (uint32_t *)t_guard(queries * k * sizeof *index);
    d2 = (double *)t_guard(queries * k * sizeof *d2);
    CHECK_OK(mv_kdtree_init(T, &t, P[0], P[1], pz, n));
    CHECK(t.points == n && t.dims == dims);
    CHECK_OK(mv_kdtree_nearest(T, &t, index, d2, Q[0], Q[1], qz, queries, k, &o));
    for (i = 0; i < queries && ok; i++) ok = right(index + i * k, d2 + i * k, k, n, dims, i, most);
    if (!CHECK(ok))
        fprintf(stderr, "  query %zu: %zu points, %zu queries, k %zu, %d axes, clouds %d %d, radius %g\n", i - 1,
            n, queries, k, dims, kind, asked, radius);
    cells_of(n, queries, k, dims, radius, NULL, index, d2);
    mv_kdtree_free(T, &t);
    CHECK(!t.block && !t.points);
    t_guard_free(index, queries * k * sizeof *index);
    t_guard_free(d2, queries * k * sizeof *d2);
}
static void nearest(void) {
    static const size_t sizes[] = {0, 1, 2, 7, 8, 9, 63, 64, 65, 511, 512, 513, 600, 3999};
    size_t s;
    int dims, kind;
    t_seed(1);
    for (s = 0; s < sizeof sizes / sizeof *sizes; s++)
        for (dims = 2; dims < 4; dims++)
            for (kind = 0; kind < KINDS; kind++) {
                const size_t n = sizes[s];
                one(n, 70, 1 + s % 3, dims, kind, kind, 0);
                one(n, 30, 11, dims, kind, EVEN, kind == EVEN ? 20 : 0);
                one(n, 20, 2, dims, kind, FAR, 0); /* from far outside */
            }
    one(1000, 3000, 1, 3, EVEN, EVEN, 0); /* many queries, along a curve */
    one(1000, 3000, 5, 2, CLUMPS, CLUMPS, 0);
    one(1000, 2000, 2, 3, SPHERE, SPHERE, 0.05);
    one(300, 100, 48, 3, GRID, GRID, 0); /* in order, and as a heap */
    one(300, 100, 49, 3, GRID, GRID, 0);
    one(300, 100, 200, 2, GRID, GRID, 3);
    one(300, 20, 400, 3, EVEN, EVEN, 0); /* more than there are */
}
static void radius_of(size_t n, size_t queries, int dims, int kind, double radius) {
    mv_kdtree t;
    const double *pz = dims == 3 ? P[2] : NULL, *qz = dims == 3 ? Q[2] : NULL;
    size_t *start = (size_t *)t_guard((queries + 1) * sizeof *start), i, total, bytes;
    size_t *counted = (size_t *)malloc((queries + 1) * sizeof *counted);
    uint32_t *index;
    double *d2;
    int ok = 1;
    cloud(P, n, kind);
    cloud(Q, queries, kind);
    CHECK_OK(mv_kdtree_init(T, &t, P[0], P[1], pz, n));
    CHECK_OK(mv_kdtree_radius(T, &t, counted, NULL, NULL, 0, Q[0], Q[1], qz, queries, radius));
    total = counted[queries];
    index = (uint32_t *)t_guard(total * sizeof *index);
    d2 = (double *)t_guard(total * sizeof *d2);
    bytes = total * sizeof *d2;
    if (total) {
        memset(d2, 7, bytes);
        CHECK_STATUS(mv_kdtree_radius(T, &t, start, index, d2, total - 1, Q[0], Q[1], qz, queries, radius),
            MEDVOL_E_SPACE);
        for (i = 0; i < bytes && ok; i++) ok = ((unsigned char *)d2)[i] == 7;
        CHECK(ok && start[queries] == total);
    }
    CHECK_OK(mv_kdtree_radius(T, &t, start, index, d2, total, Q[0], Q[1], qz, queries, radius));
    CHECK(start[0] == 0 && !memcmp(start, counted, (queries + 1) * sizeof *start));
    for (i = 0; i < queries && ok; i++) {
        const size_t m = start[i + 1] - start[i];
        ok = m == measure(n, dims, i, radius * radius) &&
             right(index + start[i], d2 + start[i], m, n, dims, i, radius * radius);
    }
    CHECK(ok);
    cells_of(n, queries, 0, dims, radius, start, index, d2);
    mv_kdtree_free(T, &t);
    t_guard_free(start, (queries + 1) * sizeof *start);
    t_guard_free(index, total * sizeof *index);
    t_guard_free(d2, bytes);
    free(counted);
}
static void radius(void) {
    static const double radii[KINDS][2] = {{15, 200}, {0.02, 50}, {0, 2}, {0.5, 40}, {0, 1}, {1e-100, 1e140},
                                           {0.1, 3}, {0.2, 1e141}, {1e-4, 5e-4}, {0, 1e-160}};
    int dims, kind;
    t_seed(2);
    for (dims = 2; dims < 4; dims++)
        for (kind = 0; kind < KINDS; kind++) {
            radius_of(700, 100, dims, kind, radii[kind][0]);
            radius_of(200, 30, dims, kind, radii[kind][1]);
            radius_of(kind ? 1 : 0, 5, dims, kind, radii[kind][0]);
        }
    radius_of(500, 0, 3, EVEN, 1);
}
/* many points, which the oracle would take too long over: against the tree of other axes, and some by hand */
static void large(void) {
    enum { N = T_SMALL ? 6000 : 150000, ASKED = T_SMALL ? 2000 : 20000, K = 4 };
    static const int turn[3] = {2, 0, 1};
    double *p = (double *)malloc(3 * N * sizeof *p), *d2 = (double *)malloc(2 * ASKED * K * sizeof *d2);
    uint32_t *index = (uint32_t *)malloc(2 * ASKED * K * sizeof *index);
    mv_kdtree t[2];
    size_t i, j;
    int c, ok = 1;
    t_seed(3);
    for (i = 0; i < 3 * N; i++) p[i] = floor(t_uniform(0, 4096)) / 64; /* some coincide; sums are exact */
    CHECK_OK(mv_kdtree_init(T, &t[0], p, p + N, p + 2 * N, N));
    CHECK_OK(mv_kdtree_init(T, &t[1], p + turn[0] * N, p + turn[1] * N, p + turn[2] * N, N));
    CHECK_OK(mv_kdtree_nearest(T, &t[0], index, d2, p, p + N, p + 2 * N, ASKED, K, NULL));
    CHECK_OK(mv_kdtree_nearest(T, &t[1], index + ASKED * K, d2 + ASKED * K, p + turn[0] * N, p + turn[1] * N,
        p + turn[2] * N, ASKED, K, NULL));
    CHECK(!memcmp(index, index + ASKED * K, ASKED * K * sizeof *index));
    CHECK(!memcmp(d2, d2 + ASKED * K, ASKED * K * sizeof *d2));
    for (c = 0; c < 3; c++) { /* cells, of more points than are sorted at once */
        static const double sizes[3] = {0, 4, 9};
        mv_cells g;
        memset(index + ASKED * K, 1, ASKED * K * sizeof *index);
        CHECK_OK(mv_cells_init(T, &g, p, p + N, p + 2 * N, N, sizes[c]));
        CHECK(c == 0 || g.size == sizes[c]);
        CHECK_OK(mv_cells_nearest(T, &g, index + ASKED * K, d2 + ASKED * K, p, p + N, p + 2 * N, ASKED, K,
            NULL));
        CHECK(!memcmp(index, index + ASKED * K, ASKED * K * sizeof *index));
        CHECK(!memcmp(d2, d2 + ASKED * K, ASKED * K * sizeof *d2));
        mv_cells_free(T, &g);
    }
    for (i = 0; i < ASKED; i++) /* itself is nearest, or one of a lower index on the same spot */
        ok &= d2[i * K] == 0 && index[i * K] <= i && (index[i * K] == i || d2[i * K + 1] == 0);
    for (i = 0; i < ASKED; i += 997) /* and every other point is no nearer than the last one found */
        for (j = 0; j < N; j++) {
            double d = 0;
            size_t h;
            int found = 0;
            for (c = 0; c < 3; c++) d += (p[c * N + i] - p[c * N + j]) * (p[c * N + i] - p[c * N + j]);
            for (h = 0; h < K; h++) found |= index[i * K + h] == j && d2[i * K + h] == d;
            ok &= found || d > d2[i * K + K - 1] || (d == d2[i * K + K - 1] && j > index[i * K + K - 1]);
        }
    CHECK(ok);
    mv_kdtree_free(T, &t[0]);
    mv_kdtree_free(T, &t[1]);
    free(p);
    free(d2);
    free(index);
}
static int stop_after;
static int stop(void *user, double done, double total, const char *label) {
    (void)user, (void)label;
    CHECK(done >= 0 && done <= total);
    return stop_after-- <= 0;
}
static void refused(void) {
    static const double odd[] = {HUGE_VAL, -HUGE_VAL, 1e150, -1e150};
    mv_kdtree t, none, flat;
    mv_nearest_opt o = {0};
    uint32_t index[64];
    double d2[64];
    size_t start[41], i;
    int c;
    t_seed(4);
    cloud(P, 100, EVEN);
    cloud(Q, 40, EVEN);
    memset(&none, 0, sizeof none);
    CHECK_STATUS(mv_kdtree_init(T, NULL, P[0], P[1], P[2], 100), MEDVOL_E_NULL);
    CHECK_STATUS(mv_kdtree_init(T, &t, NULL, P[1], P[2], 100), MEDVOL_E_NULL);
    CHECK_STATUS(mv_kdtree_init(T, &t, P[0], NULL, P[2], 100), MEDVOL_E_NULL);
    CHECK(!t.block && !t.points);
    if (sizeof(size_t) > 4)
        CHECK_STATUS(mv_kdtree_init(T, &t, P[0], P[1], P[2], ((size_t)1 << 31) + 1), MEDVOL_E_SIZE);
    for (i = 0; i < 5; i++)
        for (c = 0; c < 3; c++) {
            const double was = P[c][10 * i + 3];
            P[c][10 * i + 3] = i < 4 ? odd[i] : (double)NAN;
            CHECK_STATUS(mv_kdtree_init(T, &t, P[0], P[1], P[2], 100), MEDVOL_E_RANGE);
            CHECK(T->error.offset == (int64_t)(10 * i + 3) && T->error.field[0] == "xyz"[c]);
            P[c][10 * i + 3] = was;
        }
    CHECK_OK(mv_kdtree_init(T, &t, P[0], P[1], P[2], 100));
    CHECK_OK(mv_kdtree_init(T, &flat, P[0], P[1], NULL, 100));
    memset(index, 5, sizeof index);
#define NEAR(tree, i, d, qx, qy, qz, n, k, opt, want)                                                        \
    CHECK_STATUS(mv_kdtree_nearest(T, tree, i, d, qx, qy, qz, n, k, opt), want)
    NEAR(NULL, index, d2, Q[0], Q[1], Q[2], 40, 1, NULL, MEDVOL_E_NULL);
    NEAR(&none, index, d2, Q[0], Q[1], Q[2], 40, 1, NULL, MEDVOL_E_NULL);
    NEAR(&t, NULL, d2, Q[0], Q[1], Q[2], 40, 1, NULL, MEDVOL_E_NULL);
    NEAR(&t, index, NULL, Q[0], Q[1], Q[2], 40, 1, NULL, MEDVOL_E_NULL);
    NEAR(&t, index, d2, NULL, Q[1], Q[2], 40, 1, NULL, MEDVOL_E_NULL);
    NEAR(&t, index, d2, Q[0], NULL, Q[2], 40, 1, NULL, MEDVOL_E_NULL);
    NEAR(&t, index, d2, Q[0], Q[1], NULL, 40, 1, NULL, MEDVOL_E_NULL);
    NEAR(&flat, index, d2, Q[0], Q[1], Q[2], 40, 1, NULL, MEDVOL_E_SHAPE);
    NEAR(&t, index, d2, Q[0], Q[1], Q[2], 40, 0, NULL, MEDVOL_E_RANGE);
    NEAR(&t, index, d2, Q[0], Q[1], Q[2], (size_t)-1 / 4, 9, NULL, MEDVOL_E_SIZE);
    NEAR(&t, index, d2, Q[0], Q[1], Q[2], (size_t)-1 / 4, 1, NULL, MEDVOL_E_SIZE);
    NEAR(&t, (uint32_t *)(void *)d2, d2, Q[0], Q[1], Q[2], 40, 1, NULL, MEDVOL_E_ALIAS);
    NEAR(&t, index, Q[1] + 39, Q[0], Q[1], Q[2], 40, 1, NULL, MEDVOL_E_ALIAS);
    for (i = 0; i < 3; i++) {
        o.radius = i ? odd[i] : (double)NAN;
        NEAR(&t, index, d2, Q[0], Q[1], Q[2], 40, 1, &o, MEDVOL_E_RANGE);
    }
    for (c = 0; c < 3; c++) {
        Q[c][17] = (double)NAN;
        NEAR(&t, index, d2, Q[0], Q[1], Q[2], 40, 1, NULL, MEDVOL_E_RANGE);
        CHECK(T->error.offset == 17 && T->error.field[0] == "xyz"[c]);
        Q[c][17] = 1;
    }
    for (i = 0; i < 64; i++) CHECK(index[i] == 0x05050505u);
    CHECK_STATUS(mv_kdtree_radius(T, &t, NULL, index, d2, 64, Q[0], Q[1], Q[2], 40, 1), MEDVOL_E_NULL);
    CHECK_STATUS(mv_kdtree_radius(T, &t, start, index, NULL, 64, Q[0], Q[1], Q[2], 40, 1), MEDVOL_E_NULL);
    CHECK_STATUS(mv_kdtree_radius(T, &none, start, index, d2, 64, Q[0], Q[1], Q[2], 40, 1), MEDVOL_E_NULL);
    CHECK_STATUS(mv_kdtree_radius(T, &t, start, index, d2, 64, Q[0], Q[1], Q[2], 40, -1), MEDVOL_E_RANGE);
    CHECK_STATUS(mv_kdtree_radius(T, &t, start, index, d2, 64, Q[0], Q[1], Q[2], (size_t)-1, 1),
        MEDVOL_E_SIZE);
    CHECK_STATUS(mv_kdtree_radius(T, &t, start, index, d2, 64, Q[0], Q[1], NULL, 40, 1), MEDVOL_E_NULL);
    CHECK_STATUS(mv_kdtree_radius(T, &t, (size_t *)(void *)Q[0], index, d2, 64, Q[0], Q[1], Q[2], 40, 1),
        MEDVOL_E_ALIAS);
    CHECK_OK(mv_kdtree_nearest(T, &t, NULL, NULL, NULL, NULL, NULL, 0, 1, NULL)); /* no queries */
    CHECK_OK(mv_kdtree_nearest(NULL, &t, index, d2, Q[0], Q[1], Q[2], 40, 1, NULL));
    CHECK(right(index, d2, 1, 100, 3, 0, HUGE_VAL));
    mv_kdtree_free(T, &t);
    mv_kdtree_free(T, &t);
    mv_kdtree_free(T, NULL);
    mv_kdtree_free(T, &flat);
#undef NEAR
}
static void refused_cells(void) {
    static const double sizes[] = {-1, 1e150, -1e-300, HUGE_VAL};
    mv_cells c, none, flat;
    uint32_t index[64];
    double d2[64];
    size_t start[41], i;
    t_seed(6);
    cloud(P, 100, EVEN);
    cloud(Q, 40, EVEN);
    memset(&none, 0, sizeof none);
    CHECK_STATUS(mv_cells_init(T, NULL, P[0], P[1], P[2], 100, 0), MEDVOL_E_NULL);
    CHECK_STATUS(mv_cells_init(T, &c, NULL, P[1], P[2], 100, 0), MEDVOL_E_NULL);
    CHECK_STATUS(mv_cells_init(T, &c, P[0], NULL, P[2], 100, 0), MEDVOL_E_NULL);
    if (sizeof(size_t) > 4)
        CHECK_STATUS(mv_cells_init(T, &c, P[0], P[1], P[2], ((size_t)1 << 31) + 1, 0), MEDVOL_E_SIZE);
    for (i = 0; i < 5; i++) {
        memset(&c, 1, sizeof c);
        CHECK_STATUS(mv_cells_init(T, &c, P[0], P[1], P[2], 100, i < 4 ? sizes[i] : (double)NAN),
            MEDVOL_E_RANGE);
        CHECK(!strcmp(T->error.field, "size") && !c.block && !c.points);
    }
    for (i = 0; i < 3; i++) {
        P[i][17] = (double)NAN;
        CHECK_STATUS(mv_cells_init(T, &c, P[0], P[1], P[2], 100, 1), MEDVOL_E_RANGE);
        CHECK(T->error.offset == 17 && T->error.field[0] == "xyz"[i]);
        P[i][17] = 1;
    }
    CHECK_OK(mv_cells_init(T, &c, P[0], P[1], P[2], 100, 0));
    CHECK_OK(mv_cells_init(T, &flat, P[0], P[1], NULL, 100, 3));
    memset(index, 5, sizeof index);
#define NEAR(g, i, d, qz, n, k, want)                                                                        \
    CHECK_STATUS(mv_cells_nearest(T, g, i, d, Q[0], Q[1], qz, n, k, NULL), want)
    NEAR(NULL, index, d2, Q[2], 40, 1, MEDVOL_E_NULL);
    NEAR(&none, index, d2, Q[2], 40, 1, MEDVOL_E_NULL);
    NEAR(&c, NULL, d2, Q[2], 40, 1, MEDVOL_E_NULL);
    NEAR(&c, index, NULL, Q[2], 40, 1, MEDVOL_E_NULL);
    NEAR(&c, index, d2, NULL, 40, 1, MEDVOL_E_NULL);
    NEAR(&flat, index, d2, Q[2], 40, 1, MEDVOL_E_SHAPE);
    NEAR(&c, index, d2, Q[2], 40, 0, MEDVOL_E_RANGE);
    NEAR(&c, index, d2, Q[2], (size_t)-1 / 4, 9, MEDVOL_E_SIZE);
    NEAR(&c, (uint32_t *)(void *)d2, d2, Q[2], 40, 1, MEDVOL_E_ALIAS);
#undef NEAR
    CHECK_STATUS(mv_cells_radius(T, NULL, start, index, d2, 64, Q[0], Q[1], Q[2], 40, 1), MEDVOL_E_NULL);
    CHECK_STATUS(mv_cells_radius(T, &none, start, index, d2, 64, Q[0], Q[1], Q[2], 40, 1), MEDVOL_E_NULL);
    CHECK_STATUS(mv_cells_radius(T, &c, NULL, index, d2, 64, Q[0], Q[1], Q[2], 40, 1), MEDVOL_E_NULL);
    CHECK_STATUS(mv_cells_radius(T, &c, start, index, d2, 64, Q[0], Q[1], Q[2], 40, (double)NAN),
        MEDVOL_E_RANGE);
    CHECK_STATUS(mv_cells_radius(T, &c, start, index, d2, 64, Q[0], Q[1], Q[2], (size_t)-1, 1),
        MEDVOL_E_SIZE);
    for (i = 0; i < 64; i++) CHECK(index[i] == 0x05050505u);
    CHECK_OK(mv_cells_nearest(NULL, &c, index, d2, Q[0], Q[1], Q[2], 40, 1, NULL));
    CHECK(right(index, d2, 1, 100, 3, 0, HUGE_VAL));
    mv_cells_free(T, &c);
    mv_cells_free(T, &c);
    mv_cells_free(T, NULL);
    mv_cells_free(T, &flat);
}
/* few points far away leave the cells of the others as they are asked for, even in the plane of one axis */
static void outliers(void) {
    mv_cells c;
    size_t i;
    t_seed(7);
    cloud(P, MOST, STRAY); /* one of 100 */
    CHECK_OK(mv_cells_init(T, &c, P[0], P[1], P[2], MOST, 0.1));
    CHECK(c.size == 0.1 && c.cells > 500);
    mv_cells_free(T, &c);
    for (i = 0; i < MOST; i++) P[2][i] = i % 100 == 3 ? 1e6 : 0.25;
    CHECK_OK(mv_cells_init(T, &c, P[0], P[1], P[2], MOST, 0.05));
    CHECK(c.size == 0.05 && c.cells > 200);
    mv_cells_free(T, &c);
    CHECK_OK(mv_cells_init(T, &c, P[0], P[1], P[2], MOST, 1e-200)); /* as many as are allowed, or nearly */
    CHECK(c.cells <= 2 * MOST && c.cells > MOST);
    mv_cells_free(T, &c);
}
/* what k - 1 and k nearest, many of them equally near, have in common; radii of exactly a distance */
static void ties(void) {
    enum { SIDE = 9, N = SIDE * SIDE * SIDE, K = 60 };
    static uint32_t index[2][K];
    static double d2[2][K];
    const double q[3] = {4, 4, 4};
    mv_kdtree t;
    mv_nearest_opt o = {0};
    size_t i, k, start[2];
    t_seed(8);
    for (i = 0; i < N; i++) { /* a lattice in the order of chance */
        P[0][i] = (double)(i % SIDE), P[1][i] = (double)(i / SIDE % SIDE);
        P[2][i] = (double)(i / SIDE / SIDE);
    }
    for (i = N - 1; i > 0; i--) {
        const size_t j = t_bits() % (i + 1);
        int c;
        for (c = 0; c < 3; c++) {
            const double v = P[c][i];
            P[c][i] = P[c][j];
            P[c][j] = v;
        }
    }
    for (i = 0; i < 3; i++) Q[i][0] = q[i];
    CHECK_OK(mv_kdtree_init(T, &t, P[0], P[1], P[2], N));
    CHECK_OK(mv_kdtree_nearest(T, &t, index[0], d2[0], q, q + 1, q + 2, 1, K, NULL));
    for (k = 1; k < K; k++) { /* in order up to 48, as a heap beyond */
        CHECK_OK(mv_kdtree_nearest(T, &t, index[1], d2[1], q, q + 1, q + 2, 1, k, NULL));
        CHECK(!memcmp(index[0], index[1], k * sizeof **index) && !memcmp(d2[0], d2[1], k * sizeof **d2));
    }
    for (k = 1; k < 5; k++) { /* those exactly at the radius count */
        o.radius = (double)k;
        CHECK_OK(mv_kdtree_radius(T, &t, start, NULL, NULL, 0, q, q + 1, q + 2, 1, (double)k));
        CHECK(start[1] == measure(N, 3, 0, (double)(k * k)) && start[1] > 6);
        CHECK_OK(mv_kdtree_nearest(T, &t, index[1], d2[1], q, q + 1, q + 2, 1, K, &o));
        CHECK(right(index[1], d2[1], K, N, 3, 0, (double)(k * k)));
    }
    mv_kdtree_free(T, &t);
}
/* every call's progress refused at every step: nothing is kept, and the next call is right */
static size_t held;
static void *counted(void *user, size_t bytes) {
    (void)user;
    held++;
    return malloc(bytes ? bytes : 1);
}
static void given(void *user, void *p) {
    (void)user;
    held -= p != NULL;
    free(p);
}
static void cancelled(void) {
    enum { N = 120000, CALLS = 6 };
    static mv_ctx c;
    static mv_kdtree t;
    static mv_cells g;
    double *p = (double *)malloc(3 * N * sizeof *p), *d2 = (double *)malloc(2 * N * sizeof *d2);
    uint32_t *index = (uint32_t *)malloc(2 * N * sizeof *index);
    size_t *start = (size_t *)malloc(2 * (N + 1) * sizeof *start), i;
    const double *x = p, *y = p + N, *z = p + 2 * N;
    mv_ctx_desc how;
    int threads, call, after, asked;
    t_seed(5);
    for (i = 0; i < 3 * N; i++) p[i] = t_uniform(0, 1);
    for (threads = 1; threads < 4; threads += 2) {
        memset(&how, 0, sizeof how);
        how.threads = threads;
        how.mem_alloc = counted;
        how.mem_free = given;
        how.progress = stop;
        held = 0;
        CHECK_OK(mv_ctx_init(&c, &how));
        for (call = 0; call < CALLS; call++) {
            const size_t before = held;
            mv_status st = MEDVOL_E_CANCELLED;
            for (after = asked = 0; st != MEDVOL_OK; after += 1 + after / 2, asked++) {
                stop_after = after;
                st = call == 0   ? mv_kdtree_init(&c, &t, x, y, z, N)
                     : call == 1 ? mv_kdtree_nearest(&c, &t, index, d2, x, y, z, N, 1, NULL)
                     : call == 2 ? mv_kdtree_radius(&c, &t, start, index, d2, N, x, y, z, N, 0)
                     : call == 3 ? mv_cells_init(&c, &g, x, y, z, N, 0)
                     : call == 4 ? mv_cells_nearest(&c, &g, index + N, d2 + N, x, y, z, N, 1, NULL)
                                 : mv_cells_radius(&c, &g, start + N + 1, index, d2, N, x, y, z, N, 0);
                if (st == MEDVOL_OK) break;
                if (!CHECK_STATUS(st, MEDVOL_E_CANCELLED) || !CHECK(held == before)) break;
                if (call == 0) CHECK(!t.block && !t.points);
                if (call == 3) CHECK(!g.block && !g.points);
            }
            CHECK(st == MEDVOL_OK && asked > (threads > 1 ? 0 : call == 3 ? 2 : 6)); /* within a batch, too */
            CHECK(held == before + (call == 0 || call == 3));
        }
        CHECK(!memcmp(index, index + N, N * sizeof *index) && !memcmp(d2, d2 + N, N * sizeof *d2));
        CHECK(!memcmp(start, start + N + 1, (N + 1) * sizeof *start));
        mv_kdtree_free(&c, &t);
        mv_cells_free(&c, &g);
        mv_ctx_free(&c);
        CHECK(held == 0);
    }
    free(p);
    free(d2);
    free(index);
    free(start);
}
extern const t_case tests_nearest[];
const t_case tests_nearest[] = {{"nearest", nearest, 0}, {"radius", radius, 0}, {"large", large, 0},
    {"refused", refused, 0}, {"refused_cells", refused_cells, 0}, {"outliers", outliers, 0},
    {"ties", ties, 0}, {"cancelled", cancelled, T_ONCE}, {0}};
