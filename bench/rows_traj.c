/* rows_traj.c - trajectories of side voxels: 2 side samples on 1.57 side golden spokes, as of a radial scan.
 */
#define BENCH_MARK_CALLS
#include "bench.h"

enum { COILS = 8 };
/* aux[0]: the spokes; aux[1]: data of the phantom on them, delayed; own: numbers */
typedef struct numbers {
    double delay[6], peak, *angles;
    uint32_t *bin;
    size_t shots;
} numbers;
static const double late[6] = {0.3, -0.2, 0, 0.1, 0, 0};
static mv_radial_opt golden(const bench *b) {
    mv_radial_opt o = {0};
    o.samples = b->side < 16 ? 32 : 2 * b->side, o.shots = (size_t)(1.57 * (double)b->side),
    o.size = (double)b->side;
    o.order = MEDVOL_RADIAL_GOLDEN;
    return o;
}
static mv_status with(bench *b, double range) {
    mv_radial_opt o = golden(b);
    numbers *n = (numbers *)calloc(1, sizeof *n);
    if (!(b->own = n)) return MEDVOL_E_NOMEM;
    o.shots += o.shots % 2; /* opposed ones: as many on both sides */
    if (range > 0) o.order = MEDVOL_RADIAL_LINEAR, o.range = range;
    n->shots = o.shots;
    n->angles = (double *)calloc(o.shots, sizeof *n->angles);
    n->bin = (uint32_t *)calloc(o.shots, sizeof *n->bin);
    if (!n->angles || !n->bin) return MEDVOL_E_NOMEM;
    return mv_traj_radial(b->ctx, &b->aux[0], &o);
}
static mv_status spokes(bench *b) { return with(b, 0); }
static mv_status gated(bench *b) {
    mv_gate_opt o = {0};
    mv_status st = with(b, 0);
    numbers *n = (numbers *)b->own;
    if (st >= 0) st = mv_traj_angles(b->ctx, n->angles, &b->aux[0]);
    return st < 0 ? st : mv_gate_bins(b->ctx, n->bin, NULL, n->angles, n->shots, &o);
}
static mv_status measured(bench *b, double range) {
    const size_t shape[3] = {b->side, b->side, 1};
    mv_phantom_opt o = {0};
    mv_status st = with(b, range);
    o.coils = COILS;
    if (st >= 0) st = mv_traj_delay(b->ctx, &b->aux[2], &b->aux[0], late);
    return st < 0 ? st : mv_phantom_samples(b->ctx, &b->aux[1], &b->aux[2], shape, &o);
}
static mv_status crossing(bench *b) { return measured(b, 0); }
static mv_status opposed(bench *b) { return measured(b, 360); }
static void done(bench *b) {
    numbers *n = (numbers *)b->own;
    if (n) free(n->angles), free(n->bin);
    free(n);
}
static mv_status radial(bench *b) {
    const mv_radial_opt o = golden(b);
    return mv_traj_radial(b->ctx, &b->out, &o);
}
static mv_status koosh(bench *b) {
    mv_koosh_opt o = {0};
    o.samples = 2 * b->side, o.shots = (size_t)(1.57 * (double)b->side);
    return mv_traj_koosh(b->ctx, &b->out, &o);
}
static mv_status stack(bench *b) {
    mv_stack_opt o = {0};
    o.partitions = 8, o.turn = 111.246;
    return mv_traj_stack(b->ctx, &b->out, &b->aux[0], &o);
}
static mv_status spiral(bench *b) {
    mv_spiral_opt o = {0};
    o.shots = 16, o.size = (double)b->side;
    return mv_traj_spiral(b->ctx, &b->out, &o);
}
static mv_status cones(bench *b) {
    mv_cones_opt o = {0};
    o.size = (double)b->side / 4, o.cones = 16;
    return mv_traj_cones(b->ctx, &b->out, &o);
}
static mv_status rosette(bench *b) {
    mv_rosette_opt o = {0};
    o.samples = 2 * b->side, o.shots = (size_t)(1.57 * (double)b->side), o.size = (double)b->side;
    return mv_traj_rosette(b->ctx, &b->out, &o);
}
static mv_status epi(bench *b) {
    mv_epi_opt o = {0};
    o.samples = 2 * b->side, o.lines = b->side, o.size = (double)b->side;
    o.up = 20, o.flat = (double)o.samples, o.down = 20, o.delay = 10, o.dwell = 1;
    return mv_traj_epi(b->ctx, &b->out, &o);
}
static mv_status units(bench *b) {
    const size_t shape[3] = {b->side, b->side, 1};
    return mv_traj_convert(b->ctx, &b->out, &b->aux[0], MEDVOL_TRAJ_PIXEL, MEDVOL_TRAJ_RADIANS, shape, NULL);
}
static mv_status delayed(bench *b) { return mv_traj_delay(b->ctx, &b->out, &b->aux[0], late); }
static mv_status limits(bench *b) {
    mv_gradient_peaks p = {0};
    const mv_status st = mv_traj_limits(b->ctx, &p, &b->aux[0], NULL);
    b->number[0] = p.gradient, b->numbers = 1;
    return st;
}
static mv_status angles(bench *b) {
    const numbers *n = (const numbers *)b->own;
    const mv_status st = mv_traj_angles(b->ctx, n->angles, &b->aux[0]);
    b->number[0] = n->angles[n->shots - 1], b->numbers = 1;
    return st;
}
static mv_status bins(bench *b) {
    const numbers *n = (const numbers *)b->own;
    mv_gate_opt o = {0};
    const mv_status st = mv_gate_bins(b->ctx, n->bin, NULL, n->angles, n->shots, &o);
    b->number[0] = n->bin[0], b->numbers = 1;
    return st;
}
static mv_status chosen(bench *b) {
    return mv_traj_select(
        b->ctx, &b->out, &b->aux[0], ((const numbers *)b->own)->bin, ((const numbers *)b->own)->shots);
}
static mv_status binned(bench *b) {
    return mv_traj_bin(b->ctx, &b->out, &b->aux[0], ((const numbers *)b->own)->bin, 4, 0);
}
static mv_status ring(bench *b) {
    const mv_status st = mv_delay_ring(b->ctx, b->number, &b->aux[1], &b->aux[0], NULL);
    b->numbers = 6;
    return st;
}
static mv_status mirror(bench *b) {
    const mv_status st = mv_delay_opposed(b->ctx, b->number, &b->aux[1], &b->aux[0], NULL);
    b->numbers = 6;
    return st;
}
static mv_status dcf_radial(bench *b) { return mv_dcf_radial(b->ctx, &b->out, &b->aux[0]); }
static mv_status dcf_angular(bench *b) { return mv_dcf_angular(b->ctx, &b->out, &b->aux[0]); }
static mv_status dcf_cells(bench *b) { return mv_dcf_cells(b->ctx, &b->out, &b->aux[0], 1); }
static mv_status dcf_voronoi(bench *b) { return mv_dcf_voronoi(b->ctx, &b->out, &b->aux[0], NULL); }
static mv_status samples(bench *b) {
    const size_t shape[3] = {b->side, b->side, 1};
    mv_phantom_opt o = {0};
    o.coils = COILS;
    return mv_phantom_samples(b->ctx, &b->out, &b->aux[2], shape, &o);
}

/* the furthest sample, by what the trajectory should reach; sums of weights: the disc, but for what the
   angles of radial leave open; what was injected */
static int reaches(bench *b, double reach) {
    const double *k = (const double *)b->out.data;
    const size_t n = mv_volume_count(&b->out);
    double most = 0;
    size_t i;
    for (i = 0; i < n; i++) most = fabs(k[i]) > most ? fabs(k[i]) : most;
    return !(most > 0.9 * reach && most <= reach * 1.0001);
}
static int check_half(bench *b) { return reaches(b, 0.5 * (double)b->side); }
static int check_whole(bench *b) { return reaches(b, (double)b->side); }
static int check_cones(bench *b) { return reaches(b, 0.125 * (double)b->side); }
static int check_delayed(bench *b) { return reaches(b, 0.5 * (double)b->side + 0.2); }
static int check_units(bench *b) { return reaches(b, 3.14159265358979); }
static int check_disc(bench *b) {
    const float *w = (const float *)b->out.data;
    const size_t n = mv_volume_count(&b->out);
    const double want = 3.14159265358979 * 0.25 * (double)b->side * (double)b->side;
    double sum = 0;
    size_t i;
    for (i = 0; i < n; i++) sum += (double)w[i];
    return !(fabs(sum - want) <= 1e-4 * want);
}
static int check_cells(bench *b) { /* whole cells */
    const float *w = (const float *)b->out.data;
    const size_t n = mv_volume_count(&b->out);
    double sum = 0;
    size_t i;
    for (i = 0; i < n; i++) sum += (double)w[i];
    return !(fabs(sum - floor(sum + 0.5)) <= 1e-4 * sum && sum > 0.6 * (double)b->side * (double)b->side);
}
static int check_delays(bench *b) {
    int k, wrong = 0;
    for (k = 0; k < 6; k++) wrong |= !(fabs(b->number[k] - late[k]) < 0.02);
    return wrong;
}
static int check_some(bench *b) { return !(b->number[0] >= 0 && b->number[0] < 1e6); }
static int check_samples(bench *b) { return memcmp(b->out.data, b->aux[1].data, bench_bytes(&b->out)) != 0; }

/* Work: a sample of a trajectory is three products; of phantoms ten bodies in nine places, each a Bessel
   function of some 30 multiply-adds of doubles, and nine complex products a coil. A Voronoi cell: some 20
   neighbours by six corners. RING: three pairs a spoke, 33 x 33 places, a complex product a coil. */
static double points(const bench *b) { return 2 * (double)b->side * floor(1.57 * (double)b->side); }
static double work_points(const bench *b) { return 3 * points(b); }
static double work_samples(const bench *b) { return points(b) * (10 * 9 * 30 + COILS * 9 * 4) * 2; }
static double work_cells(const bench *b) { return points(b) * 20 * 6 * 2 * 2; }
static double work_ring(const bench *b) { return 1.57 * (double)b->side * 3 * 33 * 33 * COILS * 4; }

#define ROW(name, run, right, bytes, some, how)                                                              \
    {                                                                                                        \
        name, MEDVOL_F32, run, .check = right, .floor = bytes, .work = some, .setup = how, .done = done,     \
                               .most = 256                                                                   \
    }
const bench_row rows_traj[] = {
    ROW("golden spokes", radial, check_half, "w", work_points, spokes),
    ROW("koosh-ball", koosh, check_whole, "w", work_points, spokes),
    ROW("stack of 8", stack, check_half, "aw", work_points, spokes),
    ROW("spiral, 16 shots", spiral, check_half, "w", NULL, spokes),
    ROW("cones, 16", cones, check_cones, "w", NULL, spokes),
    ROW("rosette", rosette, check_half, "w", work_points, spokes),
    ROW("epi, ramps", epi, check_half, "w", NULL, spokes),
    ROW("trajectory, units", units, check_units, "aw", NULL, spokes),
    ROW("trajectory, delays", delayed, check_delayed, "aw", NULL, spokes),
    ROW("trajectory, limits", limits, check_some, "a", work_points, spokes),
    ROW("trajectory, angles", angles, check_some, NULL, NULL, spokes),
    ROW("gate, equal counts", bins, check_some, NULL, NULL, gated),
    ROW("shots chosen", chosen, check_half, "w", NULL, gated),
    ROW("shots into 4 bins", binned, check_half, "aw", NULL, gated),
    ROW("dcf radial", dcf_radial, check_disc, "aw", work_points, spokes),
    ROW("dcf angular", dcf_angular, check_disc, "aw", work_points, spokes),
    ROW("dcf cells", dcf_cells, check_cells, "aw", NULL, spokes),
    ROW("dcf voronoi", dcf_voronoi, check_disc, "aw", work_cells, spokes),
    ROW("phantom samples, 8 coils", samples, check_samples, "dw", work_samples, crossing),
    ROW("delays, ring, 8 coils", ring, check_delays, "b", work_ring, crossing),
    ROW("delays, opposed, 8 coils", mirror, check_delays, "b", NULL, opposed),
    {0},
};
#undef ROW
