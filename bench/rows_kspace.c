/* rows_kspace.c - windows and shapes of k-space, masks, phantoms, partial Fourier, echo-planar readouts. */
#define BENCH_MARK_CALLS
#include "bench.h"

/* ---- windows and shapes ---- */
static double hann(size_t i, size_t n) {
    const size_t centre = n / 2;
    return 0.5 + 0.5 * cos(3.14159265358979323846 * ((double)i - (double)centre) / ((double)n / 2));
}
static mv_status window(bench *b) { return mv_kspace_window(b->ctx, &b->out, &b->in, NULL); }
static double want_window(const bench *b, size_t i) {
    const size_t n = b->side;
    return bench_value(&b->in, i) * hann(i % n, n) * hann(i / n % n, n) * hann(i / n / n, n);
}
static mv_status resize(bench *b) {
    const size_t shape[3] = {2 * b->side, b->side, b->side};
    return mv_kspace_resize(b->ctx, &b->out, &b->in, shape);
}
static double want_resized(const bench *b, size_t i) {
    const size_t n = b->side, x = i % (2 * n) + n / 2;
    return x < n || x - n >= n ? 0 : bench_value(&b->in, i / (2 * n) * n + x - n);
}

/* ---- masks of side x side lines ---- */
static mv_status uniform(bench *b) {
    const size_t shape[3] = {1, b->side, b->side};
    mv_mask_uniform_opt o = {{2, 2}, {0, 0}, 1, {0, 0}};
    return mv_mask_uniform(b->ctx, &b->out, shape, &o);
}
static double want_uniform(const bench *b, size_t i) {
    const long c = (long)(b->side / 2), y = (long)(i % b->side) - c, z = (long)(i / b->side) - c;
    return y % 2 == 0 && (z - y / 2) % 2 == 0;
}
static mv_status poisson(bench *b) {
    const size_t shape[3] = {1, b->side, b->side};
    mv_mask_poisson_opt o = {0};
    o.accel = 6;
    return mv_mask_poisson(b->ctx, &b->out, shape, &o);
}
static mv_status golden(bench *b) {
    const size_t shape[3] = {1, b->side, b->side};
    return mv_mask_golden(b->ctx, &b->out, shape, NULL);
}
static int share_is(const bench *b, double share, double tolerance) {
    const float *p = (const float *)b->out.data;
    double n = 0, all = (double)mv_volume_count(&b->out);
    size_t i;
    for (i = 0; i < mv_volume_count(&b->out); i++) n += p[i] != 0;
    return !(fabs(n - all * share) <= tolerance * all * share + 1);
}
static int check_poisson(bench *b) { return share_is(b, 1.0 / 6, 0.021); }
static int check_golden(bench *b) { return share_is(b, 0.25, 0); }

/* ---- phantoms of side x side voxels and eight coils ---- */
static mv_status phantom(bench *b, int which) {
    const size_t shape[3] = {b->side, b->side, 1};
    mv_phantom_opt o = {0};
    o.coils = 8;
    return which == 0 ? mv_phantom_image(b->ctx, &b->out, shape, &o)
        : which == 1  ? mv_phantom_kspace(b->ctx, &b->out, shape, &o)
                      : mv_phantom_sens(b->ctx, &b->out, shape, &o);
}
static mv_status phantom_image(bench *b) { return phantom(b, 0); }
static mv_status phantom_kspace(bench *b) { return phantom(b, 1); }
static mv_status phantom_sens(bench *b) { return phantom(b, 2); }
static int check_coil(bench *b) { /* the middle: (1/2 (1 + cos), -1/4 sin) of both axes, for p = (1, 0) */
    const float *p = (const float *)b->out.data + 2 * (b->side / 2 + b->side * (b->side / 2));
    return !(fabs((double)p[0] - 0.5) <= 1e-6 && fabs((double)p[1] + 0.25) <= 1e-6);
}
static int check_image(bench *b) { /* 0 in the middle of the brain but for 0.2 of it */
    const float *p = (const float *)b->out.data + 2 * (b->side / 2 + b->side * (b->side / 2));
    return !(fabs((double)p[0] - 0.1) <= 1e-6 && fabs((double)p[1] + 0.05) <= 1e-6);
}
static int check_spectrum(bench *b) { /* finite, and greatest near the middle */
    const float *p = (const float *)b->out.data;
    const size_t n = b->side * b->side, mid = b->side / 2 + b->side * (b->side / 2);
    const double top = hypot((double)p[2 * mid], (double)p[2 * mid + 1]);
    size_t i;
    for (i = 0; i < n; i++)
        if (!(hypot((double)p[2 * i], (double)p[2 * i + 1]) <= 1.5 * top)) return 1;
    return !(top > 0);
}

/* ---- partial Fourier: five eighths of the lines of a phantom ---- */
static mv_status partial(bench *b) {
    const size_t shape[3] = {b->side, b->side, 1};
    mv_status st = mv_phantom_kspace(b->ctx, &b->aux[0], shape, NULL);
    mv_fft_opt o = {0};
    o.flags = MEDVOL_FFT_CENTERED | MEDVOL_FFT_UNITARY | MEDVOL_FFT_INVERSE;
    if (st >= 0) st = mv_fft(b->ctx, &b->aux[1], &b->aux[0], &o); /* what all lines give */
    if (st >= 0)
        memset((float *)b->aux[0].data + 2 * b->side * (b->side * 5 / 8), 0,
            8 * b->side * (b->side - b->side * 5 / 8));
    return st;
}
static mv_status homodyne(bench *b) { return mv_homodyne(b->ctx, &b->out, &b->aux[0], 1, NULL); }
static mv_status pocs(bench *b) { return mv_pocs(b->ctx, &b->out, &b->aux[0], 1, NULL); }
static int check_partial(bench *b) {
    const float *p = (const float *)b->out.data, *q = (const float *)b->aux[1].data;
    double wrong = 0, all = 0;
    size_t i;
    for (i = 0; i < b->side * b->side; i++) {
        const double m = hypot((double)q[2 * i], (double)q[2 * i + 1]);
        wrong += pow(hypot((double)p[2 * i], (double)p[2 * i + 1]) - m, 2), all += m * m;
    }
    return !(wrong <= 0.01 * all);
}

/* ---- echo-planar: the slice with its odd lines turned by phase ---- */
static const double turned[2] = {0.7, 0.02};
static mv_status epi(bench *b) {
    const size_t shape[3] = {b->side, b->side, 1}, nav[2] = {b->side, 3};
    const double back[2] = {-turned[0], -turned[1]};
    mv_status st = mv_phantom_kspace(b->ctx, &b->aux[1], shape, NULL);
    size_t k;
    if (st >= 0) st = mv_epi_ghost(b->ctx, &b->aux[0], &b->aux[1], back);
    if (st >= 0) st = mv_volume_alloc(b->ctx, &b->aux[2], MEDVOL_C64, 2, nav);
    for (k = 0; st >= 0 && k < 3; k++) /* the line through the centre, three times */
        memcpy((float *)b->aux[2].data + 2 * k * b->side,
            (const float *)b->aux[1].data + 2 * b->side * (b->side / 2), 8 * b->side);
    return st < 0 ? st : mv_epi_ghost(b->ctx, &b->aux[2], &b->aux[2], back);
}
static mv_status ghost(bench *b) { return mv_epi_ghost(b->ctx, &b->out, &b->aux[0], turned); }
static int check_ghost(bench *b) {
    const float *p = (const float *)b->out.data, *q = (const float *)b->aux[1].data;
    double wrong = 0, all = 0;
    size_t i;
    for (i = 0; i < 2 * b->side * b->side; i++)
        wrong += pow((double)p[i] - (double)q[i], 2), all += pow((double)q[i], 2);
    return !(wrong <= 1e-10 * all);
}
static mv_status ghost_estimate(bench *b) {
    b->numbers = 2;
    return mv_epi_ghost_estimate(b->ctx, b->number, &b->aux[2]);
}
static double want_turned(const bench *b, size_t i) { return (void)b, turned[i]; }

static mv_status ramp(bench *b) { /* of even samples: they stay */
    mv_epi_timing t = {0};
    t.flat = 1, t.dwell = 1.0 / (double)b->side;
    return mv_epi_ramp(b->ctx, &b->out, &b->aux[1], b->side, &t);
}

/* ---- ringing: the slice of the phantom, which rings at every edge ---- */
static mv_status unring(bench *b) { return mv_unring(b->ctx, &b->out, &b->aux[0], NULL); }
static mv_status ringing(bench *b) {
    const size_t shape[3] = {b->side < 16 ? 16 : b->side, b->side < 16 ? 16 : b->side, 1};
    mv_fft_opt back = {0};
    mv_status st = mv_phantom_kspace(b->ctx, &b->aux[0], shape, NULL);
    back.flags = MEDVOL_FFT_INVERSE | MEDVOL_FFT_CENTERED | MEDVOL_FFT_UNITARY;
    return st < 0 ? st : mv_fft(b->ctx, &b->aux[0], &b->aux[0], &back);
}
/* its real part, nothing at the frequencies n / 2: their shift has no one right answer, and peers differ */
static mv_status ringing_reals(bench *b) {
    mv_status st = ringing(b);
    mv_fft_opt o = {0};
    const size_t nx = st < 0 ? 0 : b->aux[0].dim[0], ny = st < 0 ? 0 : b->aux[0].dim[1];
    float *p;
    size_t i;
    o.flags = MEDVOL_FFT_CENTERED | MEDVOL_FFT_UNITARY;
    if (st >= 0) st = mv_fft(b->ctx, &b->aux[2], &b->aux[0], &o);
    if (st >= 0) st = mv_volume_alloc(b->ctx, &b->aux[1], MEDVOL_F32, 3, b->aux[0].dim);
    if (st < 0) return st;
    p = (float *)b->aux[2].data;
    for (i = 0; nx % 2 == 0 && i < ny; i++) p[2 * i * nx] = p[2 * i * nx + 1] = 0;
    for (i = 0; ny % 2 == 0 && i < 2 * nx; i++) p[i] = 0;
    o.flags |= MEDVOL_FFT_INVERSE;
    if ((st = mv_fft(b->ctx, &b->aux[2], &b->aux[2], &o)) < 0) return st;
    for (i = 0; i < nx * ny; i++) ((float *)b->aux[1].data)[i] = ((const float *)b->aux[2].data)[2 * i];
    mv_volume_free(b->ctx, &b->aux[0]);
    b->aux[0] = b->aux[1];
    memset(&b->aux[1], 0, sizeof b->aux[1]);
    return MEDVOL_OK;
}
static double variation(const mv_volume *v) { /* of neighbours along x */
    const float *p = (const float *)v->data;
    const size_t k = v->dtype == MEDVOL_F32 ? 1 : 2;
    double sum = 0;
    size_t x, y;
    for (y = 0; y < v->dim[1]; y++, p += k * v->dim[0])
        for (x = 0; x + 1 < v->dim[0]; x++) sum += fabs((double)p[k * x] - (double)p[k * (x + 1)]);
    return sum;
}
static int check_still(bench *b) { return !(variation(&b->out) < 0.9 * variation(&b->aux[0])); }

/* ---- work that cannot be avoided, of n x n voxels ---- */
static double voxels(const bench *b) { return (double)b->side * (double)b->side; }
/* of each axis shifts by 40 trials of up to half a voxel: the line's transform, as many lines back, their
   phases (4) and, of each trial, a difference, its two windows and what is least (6); reals go two at a time.
   To the spectrum and back of both axes, to be split. */
static double work_unring(const bench *b) {
    const double n = (double)b->out.dim[0], all = n * n, part = b->out.dtype == MEDVOL_F32 ? 0.5 : 1;
    return part * (2 * (bench_fft(41 * all, n) + 40 * all * (4 + 6)) + bench_fft(3 * all, all));
}
/* n samples of n: the matrix of least squares by Cholesky, half a product, a sixth and two triangles, in
   doubles; then it times the lines */
static double work_ramp(const bench *b) {
    return pow((double)b->side, 3) * (8 * (1. / 2 + 1. / 6 + 1) + 4);
}
static double work_ghost(const bench *b) { /* half of the lines there and back, and turned */
    return bench_fft(voxels(b), (double)b->side) + 2 * voxels(b);
}
static double work_lines(const bench *b) { return bench_fft(3 * (double)b->side, (double)b->side); }
/* along x of the 5 / 8 of lines that there are, and of a quarter for the phase; along y of both */
static double work_homodyne(const bench *b) {
    return bench_fft((5. / 8 + 1. / 4 + 2) * voxels(b), (double)b->side);
}
static double work_pocs(const bench *b) { /* the same, and each step along y, there and back */
    return work_homodyne(b) + bench_fft(20 * voxels(b), (double)b->side);
}
static double work_product(const bench *b) { /* of each coil, in doubles, of a factor of x and one of y */
    return 8 * 8 * voxels(b);
}
/* of ten bodies at every half sample: J1 to 1e-14, some 20 in double, and a turned phase; of each coil three
   samples along x and three along y, complex */
static double work_spectrum(const bench *b) { return (2 * 10 * 4 * 24 + 8 * 2 * 6 * 4) * voxels(b); }

/* of the masks by chance and in golden order only the result counts: trials are the method's */
const bench_row rows_kspace[] = {
    {"unring, one slice", MEDVOL_F32, unring, .check = check_still, .floor = "aw", .work = work_unring,
        .setup = ringing, .most = 512},
    {"unring, one slice of reals", MEDVOL_F32, unring, .check = check_still, .floor = "aw",
        .work = work_unring, .setup = ringing_reals, .most = 512},
    {"epi ramp, one slice", MEDVOL_F32, ramp, .check = check_ghost, .floor = "bw", .work = work_ramp,
        .setup = epi, .most = 512},
    {"epi ghost, one slice", MEDVOL_F32, ghost, .check = check_ghost, .floor = "aw", .work = work_ghost,
        .setup = epi, .most = 512},
    {"epi ghost estimate, three lines", MEDVOL_F32, ghost_estimate, want_turned, 1e-4, .floor = "d",
        .work = work_lines, .setup = epi, .most = 512},
    {"homodyne, one slice", MEDVOL_F32, homodyne, .check = check_partial, .floor = "aw",
        .work = work_homodyne, .setup = partial, .most = 512},
    {"pocs, one slice, 10 steps", MEDVOL_F32, pocs, .check = check_partial, .floor = "aw", .work = work_pocs,
        .setup = partial, .most = 512},
    {"phantom image, 8 coils", MEDVOL_F32, phantom_image, .check = check_image, .floor = "w",
        .work = work_product, .most = 512},
    {"phantom k-space, 8 coils", MEDVOL_F32, phantom_kspace, .check = check_spectrum, .floor = "w",
        .work = work_spectrum, .most = 512},
    {"phantom sensitivities, 8 coils", MEDVOL_F32, phantom_sens, .check = check_coil, .floor = "w",
        .work = work_product, .most = 512},
    {"mask uniform", MEDVOL_F32, uniform, want_uniform, .floor = "w"},
    {"mask poisson", MEDVOL_F32, poisson, .check = check_poisson, .floor = "w", .most = 512},
    {"mask golden", MEDVOL_F32, golden, .check = check_golden, .floor = "w", .most = 512},
    {"kspace window", MEDVOL_F32, window, want_window, 1e-6, .floor = "rw", .fma = 1},
    {"kspace resize, twice as wide", MEDVOL_F32, resize, want_resized, 0, .floor = "rw"},
    {0},
};
