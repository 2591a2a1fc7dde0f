/* needs: nanoflann.hpp
   libs: -lstdc++ */
#include "../bench.h"
#include <nanoflann.hpp>

/* Points as the row has them, an array of each axis. Its header holds what a row keeps in b->own. */
namespace {
struct cloud_head { /* the first fields of rows_nearest.c's cloud */
    mv_kdtree tree;
    mv_cells cells;
    double *p, *q, *d2;
    uint32_t *index;
    size_t *start, room, k;
    int flat;
};
const size_t points = 1000000;
struct view {
    const double *p;
    size_t kdtree_get_point_count() const { return points; }
    double kdtree_get_pt(size_t i, size_t axis) const { return p[axis * points + i]; }
    template <class B> bool kdtree_get_bbox(B &) const { return false; }
};
template <int D>
using index_of =
    nanoflann::KDTreeSingleIndexAdaptor<nanoflann::L2_Simple_Adaptor<double, view>, view, D, uint32_t>;
view at;
index_of<3> *space;
index_of<2> *plane;
uint32_t *names;
double *far_off;

const cloud_head *of(const bench *b) { return static_cast<const cloud_head *>(b->own); }
int build(bench *b) {
    at.p = of(b)->p;
    delete space;
    delete plane;
    space = nullptr;
    plane = nullptr;
    const nanoflann::KDTreeSingleIndexAdaptorParams leaf(10);
    if (of(b)->flat) {
        plane = new index_of<2>(2, at, leaf);
        plane->buildIndex();
    } else {
        space = new index_of<3>(3, at, leaf);
        space->buildIndex();
    }
    b->peer_number[0] = 0;
    return 0;
}
int setup(bench *b) {
    const size_t k = of(b)->k ? of(b)->k : 1;
    if (names) return 0;
    names = static_cast<uint32_t *>(malloc(points * k * sizeof *names));
    far_off = static_cast<double *>(malloc(points * k * sizeof *far_off));
    return !names || !far_off || build(b);
}
void done(bench *) {
    delete space;
    delete plane;
    space = nullptr;
    plane = nullptr;
    free(names);
    free(far_off);
    names = nullptr;
    far_off = nullptr;
}
int ask(bench *b) {
    const cloud_head *c = of(b);
    for (size_t i = 0; i < points; i++) {
        const double q[3] = {c->q[i], c->q[points + i], c->q[2 * points + i]};
        if (c->flat) plane->knnSearch(q, c->k, names + i * c->k, far_off + i * c->k);
        else space->knnSearch(q, c->k, names + i * c->k, far_off + i * c->k);
    }
    return 0;
}
int within(bench *b) {
    const cloud_head *c = of(b);
    std::vector<std::pair<uint32_t, double>> hits;
    nanoflann::SearchParams how;
    size_t all = 0;
    for (size_t i = 0; i < points; i++) {
        const double q[3] = {c->q[i], c->q[points + i], c->q[2 * points + i]};
        all += space->radiusSearch(q, 0.015 * 0.015, hits, how);
    }
    return all != c->start[points];
}
int check(bench *b) { /* the same distances */
    const cloud_head *c = of(b);
    for (size_t i = 0; i < points * c->k; i++)
        if (!(fabs(far_off[i] - c->d2[i]) <= 1e-12)) return 1;
    return 0;
}
int fine(bench *) { return 0; } /* a tree has no result, and `within` compares the count itself */
}
extern "C" {
extern const bench_peer peers_nanoflann[];
const bench_peer peers_nanoflann[] = {
    {"nanoflann", "k-d tree of 1 M points", MEDVOL_F64, build, 0, fine, 0, setup, done},
    {"nanoflann", "k-d tree of 1 M points, plane", MEDVOL_F64, build, 0, fine, 0, setup, done},
    {"nanoflann", "nearest of 1 M, 1 M queries", MEDVOL_F64, ask, 0, check, 0, setup, done},
    {"nanoflann", "nearest of 1 M, plane", MEDVOL_F64, ask, 0, check, 0, setup, done},
    {"nanoflann", "8 nearest of 1 M", MEDVOL_F64, ask, 0, check, 0, setup, done},
    {"nanoflann", "nearest of 1 M within radius", MEDVOL_F64, within, 0, fine, 0, setup, done},
    {nullptr, nullptr, MEDVOL_NONE, nullptr, 0, nullptr, 0, nullptr, nullptr},
};
}
