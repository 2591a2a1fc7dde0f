/* rows_nufft.c - non-uniform transforms: golden spokes over images of side x side voxels from eight coils, a
   koosh ball over volumes of side / 2 voxels along each axis from one. */
#define BENCH_MARK_CALLS
#include "bench.h"

enum { COILS = 8, BASIS = 4 };
typedef struct nufft_own {
    mv_nufft plan;
    mv_toeplitz toeplitz;
    mv_volume traj, weights;
    double *p, *k; /* of type 3 */
    float *points, *freqs;
    float basis[BASIS * 64];
    size_t shape[3], coils;
    double tolerance;
} nufft_own;
static nufft_own *own_of(const bench *b) { return (nufft_own *)b->own; }
static void noise(mv_volume *v, uint32_t seed) {
    const size_t n = 2 * mv_volume_count(v);
    size_t i;
    for (i = 0; i < n; i++) {
        seed = seed * 1664525u + 1013904223u;
        ((float *)v->data)[i] = (float)(seed >> 8) / 8388608.0f - 1.0f;
    }
}
static double part(double x) { return x - floor(x); }
/* aux[0]: images; aux[1]: samples; aux[2]: maps. Spokes: one in each direction of the golden angle; of a
   ball: of the two golden means */
static mv_status make(bench *b, int axes, double tolerance) {
    nufft_own *o = (nufft_own *)calloc(1, sizeof *o);
    const size_t n = axes == 3 ? (b->side + 1) / 2 : b->side, m = 2 * n;
    const size_t shots = axes == 3 ? 5 * n * n / 16 + 1 : (size_t)(1.5708 * (double)n) + 1;
    size_t dim[4] = {3, 0, 0, 0}, i, j;
    mv_nufft_opt opt = {0};
    mv_status st;
    if (!(b->own = o)) return MEDVOL_E_NOMEM;
    dim[1] = m, dim[2] = shots;
    o->coils = axes == 3 ? 1 : COILS;
    o->shape[0] = o->shape[1] = n, o->shape[2] = axes == 3 ? n : 1;
    o->tolerance = tolerance;
    if ((st = mv_volume_alloc(b->ctx, &o->traj, MEDVOL_F64, 3, dim)) < 0) return st;
    for (j = 0; j < shots; j++) {
        const double z = axes == 3 ? 2 * part(0.4656 * (double)j) - 1 : 0, s = sqrt(1 - z * z);
        const double turn =
            axes == 3 ? 6.283185307179586 * part(0.6823 * (double)j) : 1.941611038725466 * (double)j;
        for (i = 0; i < m; i++) {
            double *p = (double *)o->traj.data + 3 * (j * m + i);
            const double r = ((double)i + 0.5) / 2 - 0.5 * (double)n;
            p[0] = r * s * cos(turn), p[1] = r * s * sin(turn), p[2] = r * z;
        }
    }
    for (i = 0; i < BASIS * 64; i++) {
        const size_t time = i / BASIS;
        o->basis[i] = (float)cos((double)(i % BASIS) * (double)time * 0.05);
    }
    dim[0] = 1, dim[3] = o->coils;
    st = mv_volume_alloc(b->ctx, &b->aux[1], MEDVOL_C64, 4, dim);
    dim[0] = n, dim[1] = n, dim[2] = o->shape[2];
    if (st >= 0) st = mv_volume_alloc(b->ctx, &b->aux[0], MEDVOL_C64, 4, dim);
    if (st >= 0) st = mv_volume_alloc(b->ctx, &b->aux[2], MEDVOL_C64, 4, dim);
    if (st < 0) return st;
    noise(&b->aux[0], 1), noise(&b->aux[1], 2), noise(&b->aux[2], 3);
    opt.tolerance = tolerance;
    return mv_nufft_init(b->ctx, &o->plan, o->shape, &o->traj, &opt);
}
static mv_status spokes(bench *b) { return make(b, 2, 1e-5); }
static mv_status spokes_rough(bench *b) { return make(b, 2, 1e-3); }
static mv_status ball(bench *b) { return make(b, 3, 1e-5); }
static mv_status ball_rough(bench *b) { return make(b, 3, 1e-3); }
static mv_status with_toeplitz(bench *b) {
    mv_status st = make(b, 2, 1e-5);
    return st < 0 ? st
                  : mv_toeplitz_init(b->ctx, &own_of(b)->toeplitz, own_of(b)->shape, &own_of(b)->traj, NULL,
                                     NULL);
}
static mv_status free_points(bench *b) { /* as many as the image has voxels; frequencies as many */
    const size_t n = b->side * b->side;
    nufft_own *o = (nufft_own *)calloc(1, sizeof *o);
    uint32_t seed = 5;
    size_t i;
    if (!(b->own = o)) return MEDVOL_E_NOMEM;
    o->p = (double *)malloc(2 * n * sizeof *o->p), o->k = (double *)malloc(2 * n * sizeof *o->k);
    o->points = (float *)malloc(2 * n * sizeof *o->points),
    o->freqs = (float *)malloc(2 * n * sizeof *o->freqs);
    if (!o->p || !o->k || !o->points || !o->freqs) return MEDVOL_E_NOMEM;
    for (i = 0; i < 2 * n; i++) {
        seed = seed * 1664525u + 1013904223u, o->p[i] = (double)(seed >> 8) / 16777216.0 - 0.5;
        seed = seed * 1664525u + 1013904223u;
        o->k[i] = ((double)(seed >> 8) / 16777216.0 - 0.5) * (double)b->side;
        o->points[i] = (float)o->p[i];
    }
    return MEDVOL_OK;
}
static void done(bench *b) {
    nufft_own *o = own_of(b);
    if (!o) return;
    mv_nufft_free(b->ctx, &o->plan);
    mv_toeplitz_free(b->ctx, &o->toeplitz);
    mv_volume_free(b->ctx, &o->traj), mv_volume_free(b->ctx, &o->weights);
    free(o->p), free(o->k), free(o->points), free(o->freqs);
    free(o);
}
static mv_status forward(bench *b) { return mv_nufft_forward(b->ctx, &own_of(b)->plan, &b->out, &b->aux[0]); }
static mv_status adjoint(bench *b) {
    return mv_nufft_adjoint(b->ctx, &own_of(b)->plan, &b->out, &b->aux[1], NULL);
}
static mv_status maps_forward(bench *b) {
    if (!b->out.data) {
        const mv_status st = mv_volume_alloc(b->ctx, &b->out, MEDVOL_C64, 4, b->aux[1].dim);
        if (st < 0) return st;
    }
    return mv_nufft_forward_c64(b->ctx, &own_of(b)->plan, 0, (float *)b->out.data,
                                (const float *)b->aux[0].data, (const float *)b->aux[2].data, COILS, NULL, 0);
}
static mv_status maps_adjoint(bench *b) {
    if (!b->out.data) {
        const mv_status st = mv_volume_alloc(b->ctx, &b->out, MEDVOL_C64, 2, b->aux[0].dim);
        if (st < 0) return st;
    }
    return mv_nufft_adjoint_c64(b->ctx, &own_of(b)->plan, 0, (float *)b->out.data,
                                (const float *)b->aux[1].data, (const float *)b->aux[2].data, COILS, NULL, 0);
}
static mv_status normal(bench *b) {
    return mv_toeplitz_normal(b->ctx, &own_of(b)->toeplitz, &b->out, &b->aux[0]);
}
static mv_status maps_normal(bench *b) {
    if (!b->out.data) {
        const mv_status st = mv_volume_alloc(b->ctx, &b->out, MEDVOL_C64, 2, b->aux[0].dim);
        if (st < 0) return st;
    }
    return mv_toeplitz_normal_c64(b->ctx, &own_of(b)->toeplitz, 0, (float *)b->out.data,
                                  (const float *)b->aux[0].data, (const float *)b->aux[2].data, COILS, 0);
}
static mv_status planned(bench *b) {
    nufft_own *o = own_of(b);
    mv_nufft plan;
    mv_nufft_opt opt = {0};
    mv_status st;
    opt.tolerance = o->tolerance;
    st = mv_nufft_init(b->ctx, &plan, o->shape, &o->traj, &opt);
    b->numbers = 1, b->number[0] = (double)plan.samples;
    mv_nufft_free(b->ctx, &plan);
    return st;
}
static mv_status embedded(bench *b) {
    nufft_own *o = own_of(b);
    mv_toeplitz t;
    const mv_status st = mv_toeplitz_init(b->ctx, &t, o->shape, &o->traj, NULL, NULL);
    b->numbers = 1, b->number[0] = 2 * (double)t.dim[0];
    mv_toeplitz_free(b->ctx, &t);
    return st;
}
static mv_status subspace(bench *b) { /* of 64 spokes at most */
    nufft_own *o = own_of(b);
    const size_t start[3] = {0, 0, 0};
    size_t size[3];
    mv_volume few;
    mv_toeplitz t;
    mv_status st;
    size[0] = 3, size[1] = o->traj.dim[1], size[2] = o->traj.dim[2] < 64 ? o->traj.dim[2] : 64;
    if ((st = mv_volume_view(b->ctx, &few, &o->traj, start, size)) < 0) return st;
    st = mv_toeplitz_init_basis(b->ctx, &t, o->shape, &few, NULL, o->basis, BASIS, size[2], NULL);
    b->numbers = 1, b->number[0] = 2 * (double)t.dim[0];
    mv_toeplitz_free(b->ctx, &t);
    return st;
}
static mv_status third(bench *b) {
    nufft_own *o = own_of(b);
    const size_t n = b->side * b->side;
    mv_nufft3 t;
    mv_status st = mv_nufft3_init(b->ctx, &t, 2, n, o->p, n, o->k, NULL);
    if (st >= 0) st = mv_nufft3_execute(b->ctx, &t, o->freqs, o->points, 1);
    if (st >= 0) st = mv_nufft3_adjoint(b->ctx, &t, o->points, o->freqs, 1);
    b->numbers = 1, b->number[0] = st < 0 ? 0 : (double)t.points;
    mv_nufft3_free(b->ctx, &t);
    if (st >= 0) /* what it began with, so that each run is the same */
        for (size_t i = 0; i < 2 * n; i++) o->points[i] = (float)o->p[i];
    return st;
}
static mv_status direct_forward(bench *b) {
    return mv_nudft_forward(b->ctx, &b->out, &b->aux[0], &own_of(b)->traj);
}
static mv_status direct_adjoint(bench *b) {
    return mv_nudft_adjoint(b->ctx, &b->out, &b->aux[1], &own_of(b)->traj, NULL, own_of(b)->shape);
}
static mv_status grid_forward(bench *b) {
    return mv_grid_forward(b->ctx, &b->out, &b->aux[0], &own_of(b)->traj, NULL);
}
static mv_status grid_adjoint(bench *b) {
    return mv_grid_adjoint(b->ctx, &b->out, &b->aux[1], &own_of(b)->traj, NULL, own_of(b)->shape, NULL);
}
static mv_status pipe(bench *b) {
    return mv_dcf_pipe(b->ctx, &b->out, &own_of(b)->traj, own_of(b)->shape, NULL);
}

/* ---- checks: adjoints of one another; sums of some samples; areas ---- */
static double dot(const mv_volume *a, const mv_volume *b) { /* its real part */
    const float *p = (const float *)a->data, *q = (const float *)b->data;
    const size_t n = 2 * mv_volume_count(a);
    double s = 0;
    size_t i;
    for (i = 0; i < n; i++) s += (double)p[i] * (double)q[i];
    return s;
}
static int check_forward(bench *b) { /* some samples of coil 0, summed up */
    const nufft_own *o = own_of(b);
    const size_t all = mv_volume_count(&o->traj) / 3, n = o->shape[0], half = n / 2;
    const size_t voxels = n * n * o->shape[2];
    const double middle = (double)half;
    const float *x = (const float *)b->aux[0].data, *y = (const float *)b->out.data;
    double wrong = 0, right = 0;
    size_t j, i;
    for (j = all / 7; j < all; j += all / 3 + 1) {
        const double *k = (const double *)o->traj.data + 3 * j;
        double re = 0, im = 0;
        for (i = 0; i < voxels; i++) {
            const size_t z = i / n / n;
            const double t = -6.283185307179586 / (double)n *
                (k[0] * ((double)(i % n) - middle) + k[1] * ((double)(i / n % n) - middle) +
                    (o->shape[2] > 1 ? k[2] * ((double)z - middle) : 0));
            const double c = cos(t), s = sin(t);
            re += (double)x[2 * i] * c - (double)x[2 * i + 1] * s;
            im += (double)x[2 * i] * s + (double)x[2 * i + 1] * c;
        }
        re /= sqrt((double)voxels), im /= sqrt((double)voxels);
        wrong += pow((double)y[2 * j] - re, 2) + pow((double)y[2 * j + 1] - im, 2);
        right += re * re + im * im;
    }
    return !(sqrt(wrong) <= 2 * o->tolerance * sqrt(right));
}
static int check_adjoint(bench *b) {
    mv_volume y = {0};
    double there, back, size;
    if (mv_nufft_forward(b->ctx, &own_of(b)->plan, &y, &b->aux[0]) < 0) return 1;
    there = dot(&y, &b->aux[1]), back = dot(&b->aux[0], &b->out);
    size = sqrt(dot(&y, &y) * dot(&b->aux[1], &b->aux[1]));
    mv_volume_free(b->ctx, &y);
    return !(fabs(there - back) <= 1e-5 * size);
}
static int check_positive(bench *b) { /* it is, and no more than the samples let it be */
    const double s = dot(&b->aux[0], &b->out);
    return !(s > 0 && s < 1e12);
}
static int check_some(bench *b) {
    const double s = dot(&b->out, &b->out);
    return !(s > 0 && s < 1e15);
}
static int check_areas(bench *b) { /* of the disc that they cover, and a rim about it */
    const size_t count = mv_volume_count(&b->out);
    const double disc = 0.785398 * (double)b->side * (double)b->side;
    double sum = 0;
    size_t i;
    for (i = 0; i < count; i++) sum += (double)((const float *)b->out.data)[i];
    return !(sum > 0.8 * disc && sum < 1.6 * disc + 8);
}
static double want_samples(const bench *b, size_t i) {
    return (void)i, (double)own_of(b)->traj.dim[1];
}
static double want_side(const bench *b, size_t i) { return (void)i, 2 * (double)b->side; }
static double want_points(const bench *b, size_t i) { return (void)i, (double)b->side * (double)b->side; }

/* Work: a kernel of so many cells about each sample, as the plan has it, two multiply-adds each cell and
   coil; the transform of the grid. Toeplitz: of each coil two transforms of twice the image along each axis,
   the empty half left out in one of them. Direct: a complex product for each voxel and sample, in doubles. */
static double samples_of(const bench *b) {
    const nufft_own *o = own_of(b);
    return o->traj.data ? (double)mv_volume_count(&o->traj) / 3 : 0;
}
static double voxels_of(const bench *b) {
    const nufft_own *o = own_of(b);
    return (double)(o->shape[0] * o->shape[1] * o->shape[2]);
}
static double work_grid(const bench *b) {
    const nufft_own *o = own_of(b);
    const int axes = o->shape[2] > 1 ? 3 : 2;
    const double cells = voxels_of(b) * pow(o->plan.oversampling, axes);
    return (double)o->coils * (2 * samples_of(b) * pow(o->plan.width, axes) + bench_fft(cells, cells));
}
static double work_plan(const bench *b) { return 20 * samples_of(b); }
static double work_normal(const bench *b) {
    return COILS * 2 * 0.75 * bench_fft(4 * voxels_of(b), 4 * voxels_of(b));
}
static double work_psf(const bench *b) { return 4 * work_grid(b) / (double)own_of(b)->coils; }
static double work_subspace(const bench *b) {
    return work_psf(b) * BASIS * (BASIS + 1) / 2 *
           (64 < own_of(b)->traj.dim[2] ? 64 / (double)own_of(b)->traj.dim[2] : 1);
}
static double work_direct(const bench *b) { return 2 * 4 * COILS * samples_of(b) * voxels_of(b); }
static double work_linear(const bench *b) { return COILS * 8 * samples_of(b); }
static double work_pipe(const bench *b) { return 25 * 2 * 36 * samples_of(b); }
static double work_third(const bench *b) {
    const double n = (double)b->side * (double)b->side;
    return 2 * (2 * 2 * n * 25 + 2 * bench_fft(2.25 * n, 2.25 * n));
}

#define ROW(name, call, right, bytes, some, how, top)                                                        \
    {                                                                                                        \
        name, MEDVOL_F32, call, .check = right, .floor = bytes, .work = some, .setup = how, .done = done,    \
                                .most = top                                                                  \
    }
#define COUNT(name, call, right, some, how, top)                                                             \
    {name, MEDVOL_F32, call, right, .work = some, .setup = how, .done = done, .most = top}
const bench_row rows_nufft[] = {
    ROW("nufft forward 2-D, 8 coils, 1e-5", forward, check_forward, "aw", work_grid, spokes, 256),
    ROW("nufft adjoint 2-D, 8 coils, 1e-5", adjoint, check_adjoint, "bw", work_grid, spokes, 256),
    ROW("nufft forward 2-D, 8 coils, 1e-3", forward, check_forward, "aw", work_grid, spokes_rough, 256),
    ROW("nufft adjoint 2-D, 8 coils, 1e-3", adjoint, check_adjoint, "bw", work_grid, spokes_rough, 256),
    ROW("nufft forward 2-D, maps", maps_forward, check_some, "w", work_grid, spokes, 256),
    ROW("nufft adjoint 2-D, maps", maps_adjoint, check_some, "b", work_grid, spokes, 256),
    ROW("nufft forward 3-D, 1e-5", forward, check_forward, "aw", work_grid, ball, 256),
    ROW("nufft adjoint 3-D, 1e-5", adjoint, check_adjoint, "bw", work_grid, ball, 256),
    ROW("nufft forward 3-D, 1e-3", forward, check_forward, "aw", work_grid, ball_rough, 256),
    ROW("nufft adjoint 3-D, 1e-3", adjoint, check_adjoint, "bw", work_grid, ball_rough, 256),
    COUNT("nufft plan, spokes", planned, want_samples, work_plan, spokes, 256),
    ROW("toeplitz normal, 8 coils", normal, check_positive, "aw", work_normal, with_toeplitz, 256),
    ROW("toeplitz normal, maps", maps_normal, check_some, "b", work_normal, with_toeplitz, 256),
    COUNT("toeplitz from spokes", embedded, want_side, work_psf, spokes, 256),
    COUNT("toeplitz of a subspace, 64 spokes", subspace, want_side, work_subspace, spokes, 128),
    COUNT("nufft type 3, plan, there and back", third, want_points, work_third, free_points, 256),
    ROW("nudft forward, 8 coils", direct_forward, check_forward, "aw", work_direct, spokes, 32),
    ROW("nudft adjoint, 8 coils", direct_adjoint, check_adjoint, "bw", work_direct, spokes, 32),
    ROW("gridding forward, linear", grid_forward, check_some, "aw", work_linear, spokes, 256),
    ROW("gridding adjoint, linear", grid_adjoint, check_some, "bw", work_linear, spokes, 256),
    ROW("density by Pipe and Menon", pipe, check_areas, "w", work_pipe, spokes, 256),
    {0},
};
#undef ROW
#undef COUNT
