/* profile_cuda - every operation of medvol_cuda.h on this GPU: checked beside medvol.h, then timed by events
   beside the speed at which the device copies memory.

   Build:  nvcc -O2 examples/profile_cuda.cu medvol.o -lcufft -o profile_cuda   (medvol.o: example_cuda.h)
   Run:    ./profile_cuda --size 128,256,512 --only 'resample|permute' --graph      or: make profile-cuda
   Shows:  ms a call (median), GB/s of the bytes that must move, their share of what a copy of as many voxels
   reaches, the same calls from a graph; transfers apart. What fits into the L2 cache says so: its GB/s are
   not the memory's. Emulated on a processor the rows are checked, and times mean nothing. */
#ifndef MEDVOL_LINKED
#  define MEDVOL_LINKED
#endif
#include "example.h"
#include "example_cuda.h"
#ifndef _WIN32
#  include <regex.h>
#endif

static const char usage[] =
    "profile_cuda [--size N,...=128,256,512] [--only REGEX] [--iterations N=20] [--device N] [--graph]\n"
    "             [--json] [--list] [--threads N] [--quiet]\n"
    "--only: rows whose section/name it finds; --graph: from a graph, too; --list: rows, nothing is run\n"
    "share: GB/s of the row / GB/s of the best copy of a volume of that size; L2: all fits into that cache\n"
    "exit codes: 0 done, 1 a row is wrong, 2 usage, 6 memory, 9 no device, 130 cancelled\n";

/* ---- a row works on one side, the device or the host, of a stage: a shape to check or to time ---- */
/* inputs: float32; int16 with a scaling; complex; 8 coils of a sixteenth of the planes, complex, with maps
   and the first coil as image; float32 with another image and a displacement field; a head's spectrum; bytes
   with another image; smooth float32 with itself turned and shifted; weights of protons by x, z, nine angles,
   energy */
enum { HEAD, SHORTS, COMPLEX, COILS, PAIR, SPECTRUM, BYTES, MOVED, PROTONS };
/* results: out; what is in numbers[], as words: counts, some that are not looked at, doubles; together: these
   are one vector */
enum { VOLUME, NUMBERS, STATISTICS, CORRELATION, GAIN, CHI2, METRICS, SHIFT, AFFINE };
enum { MOST_NUMBERS = 64 };
static const struct {
    int counts, skipped, reals, together;
} records[] = {{0, 0, 0, 0}, {0, 0, MOST_NUMBERS, 0}, {3, 0, 9, 0}, {2, 1, 6, 0}, {2, 1, 7, 0},
               {2, 0, 3, 0}, {3, 0, 8, 0},            {0, 0, 8, 1}, {0, 0, 12, 1}};
typedef struct side {
    mv_volume in, out, mask, other, field, maps;
    mv_volume grid, image, kernel; /* without memory of their own; grid: turned and shifted */
    mv_grappa host_grappa;         /* of one side or the other, made by the row that needs it */
    mv_cuda_grappa grappa;
    double *numbers;
} side;
typedef struct stage {
    size_t shape[3];
    int input; /* what `in` holds, -1: nothing */
    side device, host;
} stage;
typedef struct work {
    ex *e;
    mv_cuda_ctx gpu;
    ex_gpu_about about;
    stage check, time;
    mv_volume head; /* on the host */
    void *from, *to;
    double copy_gbs;
    int graph, iterations, wrong, rows;
} work;
typedef mv_status (*call)(work *w, side *o);
typedef struct row {
    const char *name;
    int input;
    double read, written; /* bytes that must move for each voxel of the input and of the result */
    double tolerance; /* of the largest value; 0: the same bits */
    int result;
    call device, host;
} row;
static void unread(const void *) {} /* by some rows */
/* One line an operation. op's arguments: c context, d result, s input, o the side. */
#define ROW(name, input, read, written, tolerance, result, op, args)                                         \
    {name, input, read, written, tolerance, result,                                                          \
     [](work *w, side *o) -> mv_status {                                                                     \
         mv_cuda_ctx *c = &w->gpu;                                                                           \
         mv_volume *d = &o->out, *s = &o->in;                                                                \
         unread(d), unread(s);                                                                               \
         return mv_cuda_##op args;                                                                           \
     },                                                                                                      \
     [](work *w, side *o) -> mv_status {                                                                     \
         mv_ctx *c = &w->e->ctx;                                                                             \
         mv_volume *d = &o->out, *s = &o->in;                                                                \
         unread(d), unread(s);                                                                               \
         return mv_##op args;                                                                                \
     }}

/* ---- arguments ---- */
template <class T> static const T *at(const T &option) { return &option; }
template <class T> static T masked(const side *o) {
    T opt = T();
    opt.mask = &o->mask;
    return opt;
}
template <class T> static T nonzero() {
    T opt = T();
    opt.nonzero = 1;
    return opt;
}
static mv_resample_opt by(mv_interp interp, int antialias = 0) {
    mv_resample_opt opt = mv_resample_opt();
    opt.interp = interp;
    opt.antialias = antialias;
    return opt;
}
static mv_pad_opt pad_by(mv_pad_mode mode) {
    mv_pad_opt opt = mv_pad_opt();
    opt.mode = mode;
    return opt;
}
static mv_rescale_opt percentile_range() {
    mv_rescale_opt opt = mv_rescale_opt();
    opt.range = MEDVOL_RANGE_PERCENTILE, opt.lo = 1, opt.hi = 99, opt.clip = 1;
    return opt;
}
static mv_gamma_opt gamma_mode(int mode) {
    mv_gamma_opt opt = mv_gamma_opt();
    opt.mode = mode;
    return opt;
}
static mv_threshold_opt binary() {
    mv_threshold_opt opt = mv_threshold_opt();
    opt.binary = 1;
    return opt;
}
static mv_foreground_opt above(double threshold) {
    mv_foreground_opt opt = mv_foreground_opt();
    opt.above = 1, opt.threshold = threshold;
    return opt;
}
typedef struct box { size_t n[3]; } box;
static box share(const mv_volume *s, size_t part, size_t of) { /* of each axis */
    box r;
    for (int d = 0; d < 3; d++) r.n[d] = s->dim[d] * part / of > 0 ? s->dim[d] * part / of : 1;
    return r;
}
typedef struct order { int n[3]; } order;
static order axes(int a, int b, int c) {
    const order r = {{a, b, c}};
    return r;
}
static const int coils_first[4] = {3, 0, 1, 2};
typedef struct lengths { double n[3]; } lengths;
static lengths spaced(const mv_volume *s, double factor) {
    lengths r;
    mv_spacing(s, r.n);
    for (int d = 0; d < 3; d++) r.n[d] *= factor;
    return r;
}
/* `degrees` about an axis along none of the three, through the middle */
typedef struct matrix { double n[12]; } matrix;
static matrix turned(const mv_volume *s, double degrees) {
    const double c = cos(degrees / 57.29577951308232), t = sin(degrees / 57.29577951308232);
    const double u[3] = {0.36, 0.48, 0.8}, across[9] = {0, -u[2], u[1], u[2], 0, -u[0], -u[1], u[0], 0};
    matrix m;
    for (int i = 0; i < 3; i++) {
        m.n[4 * i + 3] = 0.5 * (double)(s->dim[i] - 1);
        for (int k = 0; k < 3; k++) {
            m.n[4 * i + k] = u[i] * u[k] * (1 - c) + (i == k ? c : 0.0) + t * across[3 * i + k];
            m.n[4 * i + 3] -= m.n[4 * i + k] * 0.5 * (double)(s->dim[k] - 1);
        }
    }
    return m;
}
static matrix moved(const mv_volume *s) {
    matrix m = turned(s, 3);
    m.n[3] += 1.5, m.n[7] += 1, m.n[11] -= 0.5;
    return m;
}

/* ---- histograms: counts, what lies outside and Otsu's threshold, one after the other as the result ---- */
enum { BINS = 256, TAIL = sizeof(mv_cuda_hist_tail) / 8, TABLE = BINS + TAIL };
static mv_status histogram_gpu(work *w, side *o, const mv_histogram_opt *opt, int otsu) {
    const size_t n = otsu ? TABLE + 1 : TABLE;
    mv_cuda_hist h;
    mv_status st = MEDVOL_OK;
    if (!o->out.data) st = mv_cuda_volume_alloc(&w->gpu, &o->out, MEDVOL_U64, 1, &n);
    h.bins = BINS;
    h.counts = (uint64_t *)o->out.data;
    h.tail = (mv_cuda_hist_tail *)(void *)(h.counts + BINS);
    if (st >= 0) st = mv_cuda_histogram(&w->gpu, &h, &o->in, opt);
    return st < 0 || !otsu ? st : mv_cuda_otsu(&w->gpu, (double *)(void *)(h.counts + TABLE), &h);
}
static mv_status histogram_cpu(work *w, side *o, const mv_histogram_opt *opt, int otsu) {
    const size_t n = otsu ? TABLE + 1 : TABLE;
    mv_hist h = mv_hist();
    mv_cuda_hist_tail tail;
    mv_status st = MEDVOL_OK;
    if (!o->out.data) st = mv_volume_alloc(&w->e->ctx, &o->out, MEDVOL_U64, 1, &n);
    h.bins = BINS;
    h.counts = (uint64_t *)o->out.data;
    if (st >= 0) st = mv_histogram(&w->e->ctx, &h, &o->in, opt);
    tail.lo = h.lo, tail.hi = h.hi;
    tail.below = h.below, tail.above = h.above, tail.nan = h.nan, tail.total = h.total;
    if (st >= 0) memcpy(h.counts + BINS, &tail, sizeof tail);
    return st < 0 || !otsu ? st : mv_otsu(&w->e->ctx, (double *)(void *)(h.counts + TABLE), &h);
}
static mv_histogram_opt given_range() {
    mv_histogram_opt opt = mv_histogram_opt();
    opt.lo = 0, opt.hi = 1000;
    return opt;
}
#define HISTOGRAM(name, read, opt, otsu)                                                                     \
    {name, HEAD, read, 0, 0, VOLUME,                                                                         \
     [](work *w, side *o) -> mv_status { return histogram_gpu(w, o, opt, otsu); },                           \
     [](work *w, side *o) -> mv_status { return histogram_cpu(w, o, opt, otsu); }}

/* ---- the rows: a section a table ---- */
static const double one_rank[1] = {50}, three_ranks[3] = {1, 50, 99};
static const row volumes[] = {
    ROW("copy", HEAD, 4, 4, 0, VOLUME, volume_copy, (c, d, s)),
    ROW("convert to i16", HEAD, 4, 2, 0, VOLUME, convert, (c, d, s, MEDVOL_I16, NULL)),
    ROW("convert to u8", HEAD, 4, 1, 0, VOLUME, convert, (c, d, s, MEDVOL_U8, NULL)),
    ROW("convert to f16", HEAD, 4, 2, 0, VOLUME, convert, (c, d, s, MEDVOL_F16, NULL)),
    ROW("convert to f64", HEAD, 4, 8, 0, VOLUME, convert, (c, d, s, MEDVOL_F64, NULL)),
    ROW("convert i16 with scaling", SHORTS, 2, 4, 1e-6, VOLUME, convert, (c, d, s, MEDVOL_F32, NULL)),
};
static const row intensity[] = {
    ROW("statistics", HEAD, 4, 0, 1e-10, STATISTICS, stats, (c, (mv_statistics *)o->numbers, s, NULL)),
    ROW("statistics, nonzero", HEAD, 4, 0, 1e-10, STATISTICS, stats,
        (c, (mv_statistics *)o->numbers, s, at(nonzero<mv_stats_opt>()))),
    ROW("statistics, mask", HEAD, 5, 0, 1e-10, STATISTICS, stats,
        (c, (mv_statistics *)o->numbers, s, at(masked<mv_stats_opt>(o)))),
    ROW("statistics of i16", SHORTS, 2, 0, 1e-10, STATISTICS, stats,
        (c, (mv_statistics *)o->numbers, s, NULL)),
    ROW("percentile", HEAD, 12, 0, 1e-12, NUMBERS, percentiles, (c, o->numbers, s, one_rank, 1, NULL)),
    ROW("three percentiles", HEAD, 20, 0, 1e-12, NUMBERS, percentiles,
        (c, o->numbers, s, three_ranks, 3, NULL)),
    ROW("median", HEAD, 12, 0, 1e-12, NUMBERS, median, (c, o->numbers, s, NULL)),
    ROW("median absolute deviation", HEAD, 72, 0, 1e-12, NUMBERS, mad,
        (c, o->numbers, o->numbers + 1, s, NULL)),
    HISTOGRAM("histogram", 8, NULL, 0),
    HISTOGRAM("histogram, range given", 4, at(given_range()), 0),
    HISTOGRAM("histogram and Otsu", 8, NULL, 1),
    ROW("z-norm", HEAD, 8, 4, 2e-6, VOLUME, znorm, (c, d, s, NULL)),
    ROW("z-norm, nonzero", HEAD, 8, 4, 2e-6, VOLUME, znorm, (c, d, s, at(nonzero<mv_znorm_opt>()))),
    ROW("z-norm, mask", HEAD, 9, 4, 2e-6, VOLUME, znorm, (c, d, s, at(masked<mv_znorm_opt>(o)))),
    ROW("z-norm of i16", SHORTS, 4, 4, 2e-6, VOLUME, znorm, (c, d, s, NULL)),
    ROW("rescale", HEAD, 8, 4, 2e-6, VOLUME, rescale, (c, d, s, 0, 1, NULL)),
    ROW("rescale by percentiles", HEAD, 24, 4, 2e-6, VOLUME, rescale,
        (c, d, s, 0, 1, at(percentile_range()))),
    ROW("linear", HEAD, 4, 4, 2e-6, VOLUME, linear, (c, d, s, 0.75, -20)),
    ROW("clamp", HEAD, 4, 4, 0, VOLUME, clamp, (c, d, s, 100, 500)),
    ROW("threshold", HEAD, 4, 4, 0, VOLUME, threshold, (c, d, s, 100, 500, NULL)),
    ROW("threshold to a mask", HEAD, 4, 1, 0, VOLUME, threshold, (c, d, s, 100, 500, at(binary()))),
    ROW("gamma", HEAD, 4, 4, 2e-6, VOLUME, gamma, (c, d, s, 0.7, NULL)),
    ROW("gamma, normalised", HEAD, 8, 4, 2e-6, VOLUME, gamma,
        (c, d, s, 0.7, at(gamma_mode(MEDVOL_GAMMA_NORMALISED)))),
};
#define PERMUTE(name, i, j, k)                                                                               \
    ROW("permute " name, HEAD, 4, 4, 0, VOLUME, permute, (c, d, s, axes(i, j, k).n))
#define REORIENT(code) ROW("reorient to " code, HEAD, 4, 4, 0, VOLUME, reorient, (c, d, s, code, NULL))
#define PAD(name, mode)                                                                                      \
    ROW("pad, " name, HEAD, 4, 4, 0, VOLUME, pad,                                                            \
        (c, d, s, share(s, 1, 8).n, share(s, 1, 8).n, at(pad_by(mode))))
static const row spatial[] = {
    ROW("crop to half", HEAD, 0, 8, 0, VOLUME, crop, (c, d, s, share(s, 1, 4).n, share(s, 1, 2).n, NULL)),
    PAD("constant", MEDVOL_PAD_CONSTANT),
    PAD("edge", MEDVOL_PAD_EDGE),
    PAD("reflected", MEDVOL_PAD_REFLECT),
    ROW("crop or pad", HEAD, 0, 8, 0, VOLUME, crop_or_pad, (c, d, s, share(s, 3, 4).n, NULL)),
    ROW("crop foreground (waits)", HEAD, 4, 8, 0, VOLUME, crop_foreground, (c, d, s, at(above(200)))),
    ROW("flip x", HEAD, 4, 4, 0, VOLUME, flip, (c, d, s, 1)),
    ROW("flip y", HEAD, 4, 4, 0, VOLUME, flip, (c, d, s, 2)),
    ROW("flip z", HEAD, 4, 4, 0, VOLUME, flip, (c, d, s, 4)),
    ROW("flip x, y, z", HEAD, 4, 4, 0, VOLUME, flip, (c, d, s, 7)),
    PERMUTE("x z y", 0, 2, 1),
    PERMUTE("y x z", 1, 0, 2),
    PERMUTE("y z x", 1, 2, 0),
    PERMUTE("z x y", 2, 0, 1),
    PERMUTE("z y x", 2, 1, 0),
    ROW("permute z y x of i16", SHORTS, 2, 2, 0, VOLUME, permute, (c, d, s, axes(2, 1, 0).n)),
    ROW("permute z y x of c64", COMPLEX, 8, 8, 0, VOLUME, permute, (c, d, s, axes(2, 1, 0).n)),
    ROW("permute, coils first", COILS, 8, 8, 0, VOLUME, permute, (c, d, s, coils_first)),
    REORIENT("LPS"),
    REORIENT("PIR"),
    REORIENT("SAL"),
    ROW("rot90 in x, y", HEAD, 4, 4, 0, VOLUME, rot90, (c, d, s, 1, 0, 1)),
    ROW("rot90 in x, z", HEAD, 4, 4, 0, VOLUME, rot90, (c, d, s, 1, 0, 2)),
    ROW("rot90 in y, z", HEAD, 4, 4, 0, VOLUME, rot90, (c, d, s, 1, 1, 2)),
};
/* CUBIC: its prefilter reads and writes twice */
#define SPACING(name, factor, read, tolerance, ...)                                                          \
    ROW(name, HEAD, read, 4, tolerance, VOLUME, resample_spacing,                                            \
        (c, d, s, spaced(s, factor).n, at(by(__VA_ARGS__))))
#define TURN(name, degrees, read, tolerance, ...)                                                            \
    ROW(name, HEAD, read, 4, tolerance, VOLUME, resample_affine,                                             \
        (c, d, s, turned(s, degrees).n, s->dim, at(by(__VA_ARGS__))))
static const row resample[] = {
    SPACING("to 0.7 of the spacing, nearest", 0.7, 4, 0, MEDVOL_NEAREST),
    SPACING("to 0.7, linear", 0.7, 4, 4e-6, MEDVOL_LINEAR),
    SPACING("to 0.7, cubic", 0.7, 20, 1e-5, MEDVOL_CUBIC),
    SPACING("to 0.7, cubic convolution", 0.7, 4, 4e-6, MEDVOL_CUBIC_CONV),
    SPACING("to 0.7, Lanczos", 0.7, 4, 4e-6, MEDVOL_LANCZOS),
    SPACING("to twice the spacing, linear", 2, 4, 4e-6, MEDVOL_LINEAR),
    SPACING("to twice, linear, smoothed", 2, 4, 4e-6, MEDVOL_LINEAR, 1),
    SPACING("to twice, cubic", 2, 20, 1e-5, MEDVOL_CUBIC),
    ROW("i16 to 0.7, linear", SHORTS, 2, 4, 4e-6, VOLUME, resample_spacing,
        (c, d, s, spaced(s, 0.7).n, at(by(MEDVOL_LINEAR)))),
    ROW("to a shape, linear", HEAD, 4, 4, 4e-6, VOLUME, resample_shape, (c, d, s, share(s, 4, 3).n, NULL)),
    ROW("onto a grid, linear", HEAD, 4, 4, 1e-5, VOLUME, resample_like, (c, d, s, &o->grid, NULL)),
    TURN("turned by 10 degrees, nearest", 10, 4, 0, MEDVOL_NEAREST),
    TURN("turned by 10, linear", 10, 4, 1e-5, MEDVOL_LINEAR),
    TURN("turned by 40, linear", 40, 4, 1e-5, MEDVOL_LINEAR),
    TURN("turned by 10, cubic", 10, 20, 2e-5, MEDVOL_CUBIC),
    TURN("turned by 10, cubic convolution", 10, 4, 2e-5, MEDVOL_CUBIC_CONV),
};
/* Three passes of a transform are the least: 48 bytes a complex voxel, 24 a real one. */
static mv_volume corner(const side *o, size_t n) { /* n voxels a side as a kernel */
    mv_volume v = o->kernel;
    for (int d = 0; d < 3; d++) v.dim[d] = v.dim[d] < n ? v.dim[d] : n;
    return v;
}
static mv_convolve_opt by_method(int method) {
    mv_convolve_opt opt = mv_convolve_opt();
    opt.method = method;
    return opt;
}
#define CONVOLVE(name, n, read, method)                                                                      \
    ROW(name, HEAD, read, 4, 4e-6, VOLUME, convolve, (c, d, s, at(corner(o, n)), at(by_method(method))))
static const row fft[] = {
    ROW("complex", COMPLEX, 24, 24, 2e-6, VOLUME, fft, (c, d, s, NULL)),
    ROW("real, forward", HEAD, 24, 0, 2e-6, VOLUME, rfft, (c, d, s, NULL)),
    ROW("real, back", SPECTRUM, 40, 4, 2e-6, VOLUME, irfft, (c, d, s, NULL)),
    CONVOLVE("convolution, 5^3, directly", 5, 4, MEDVOL_CONV_DIRECT),
    CONVOLVE("convolution, 13^3, by transforms", 13, 44, MEDVOL_CONV_FFT),
    ROW("phase correlation (waits)", MOVED, 72, 0, 1e-4, SHIFT, phase_correlate,
        (c, (mv_shift *)o->numbers, s, &o->other, NULL)),
};
typedef struct three { size_t n[3]; } three;
static three each(size_t n) {
    const three r = {{n, n, n}};
    return r;
}
static lengths sigmas(double sigma) {
    const lengths r = {{sigma, sigma, sigma}};
    return r;
}
static mv_gaussian_opt in_voxels() {
    mv_gaussian_opt opt = mv_gaussian_opt();
    opt.voxels = 1;
    return opt;
}
#define GAUSSIAN(name, sigma)                                                                                \
    ROW("Gaussian, sigma " name, HEAD, 4, 4, 4e-6, VOLUME, gaussian,                                         \
        (c, d, s, sigmas(sigma).n, at(in_voxels())))
static mv_pyramid_opt to_the_end() {
    mv_pyramid_opt opt = mv_pyramid_opt();
    opt.least = 1;
    return opt;
}
static const row filter[] = {
    GAUSSIAN("1", 1),
    GAUSSIAN("2", 2),
    GAUSSIAN("5", 5),
    ROW("mean of boxes, radius 1", HEAD, 4, 4, 4e-6, VOLUME, box_mean, (c, d, s, each(1).n, NULL)),
    ROW("mean of boxes, radius 4", HEAD, 4, 4, 4e-6, VOLUME, box_mean, (c, d, s, each(4).n, NULL)),
    {"half the voxels of each axis", HEAD, 4, 4, 4e-6, VOLUME,
     [](work *w, side *o) -> mv_status {
         mv_volume level[2] = {o->in, o->out};
         const mv_status st = mv_cuda_pyramid(&w->gpu, level, 2, level, at(to_the_end()));
         o->out = level[1];
         return st;
     },
     [](work *w, side *o) -> mv_status {
         mv_volume level[2] = {o->in, o->out};
         const mv_status st = mv_pyramid(&w->e->ctx, level, 2, level, at(to_the_end()));
         o->out = level[1];
         return st;
     }},
    ROW("mean of boxes, radius 10", HEAD, 4, 4, 4e-6, VOLUME, box_mean, (c, d, s, each(10).n, NULL)),
};
/* an affine that turns by 5 degrees, then the field; from: the first of them that counts */
typedef struct steps { mv_transform t[2]; } steps;
static steps chain(const side *o) {
    steps r = steps();
    double inverse[12];
    r.t[0].kind = MEDVOL_TRANSFORM_AFFINE;
    mv_affine_invert(inverse, o->in.affine);
    mv_affine_mul(r.t[0].affine, o->in.affine, turned(&o->in, 5).n);
    mv_affine_mul(r.t[0].affine, r.t[0].affine, inverse);
    r.t[1].kind = MEDVOL_TRANSFORM_FIELD;
    r.t[1].field = &o->field;
    return r;
}
static mv_warp_opt warp_by(mv_interp interp) {
    mv_warp_opt opt = mv_warp_opt();
    opt.interp = interp;
    return opt;
}
#define WARP(name, read, tolerance, from, interp)                                                            \
    ROW(name, PAIR, read, 4, tolerance, VOLUME, warp,                                                        \
        (c, d, s, s, chain(o).t + (from), 2 - (from), at(warp_by(interp))))
static const row field[] = {
    WARP("warp by a field, linear", 16, 2e-5, 1, MEDVOL_LINEAR),
    WARP("warp by a field, cubic", 32, 4e-5, 1, MEDVOL_CUBIC),
    WARP("warp by affine and field, linear", 16, 2e-5, 0, MEDVOL_LINEAR),
    ROW("affine and field as a field", PAIR, 12, 4, 2e-5, VOLUME, transform_field, (c, d, s, chain(o).t, 2)),
    ROW("determinants of a field", PAIR, 12, 4, 1e-6, VOLUME, field_jacobian, (c, d, NULL, &o->field, NULL)),
    ROW("exponential of a velocity", PAIR, 12, 4, 1e-4, VOLUME, field_exp, (c, d, &o->field, NULL)),
    ROW("inverse of a field", PAIR, 12, 4, 1e-3, VOLUME, field_invert, (c, d, &o->field, NULL)),
};
template <class T> static T with_radius(size_t n) {
    T opt = T();
    opt.radius[0] = opt.radius[1] = opt.radius[2] = n;
    return opt;
}
static mv_metric_opt metrics(unsigned what) {
    mv_metric_opt opt = mv_metric_opt();
    opt.what = what;
    return opt;
}
static mv_chi2_opt one_sigma() {
    mv_chi2_opt opt = mv_chi2_opt();
    opt.sigma = 20;
    return opt;
}
#define METRIC(name, read, what)                                                                             \
    ROW(name, PAIR, read, 0, 1e-6, METRICS, metric_image,                                                    \
        (c, (mv_image_metrics *)o->numbers, s, &o->other, at(metrics(what))))
enum { SOME_LAGS = 8 };
static size_t lags_dim(size_t *dim, const mv_volume *s) { /* of the result; how many rows */
    dim[0] = 2 * SOME_LAGS + 1;
    return dim[1] = s->dim[1] * s->dim[2];
}
static mv_status lags_gpu(work *w, side *o) {
    size_t dim[2];
    const size_t rows = lags_dim(dim, &o->in);
    const mv_status st = o->out.data ? MEDVOL_OK : mv_cuda_volume_alloc(&w->gpu, &o->out, MEDVOL_F64, 2, dim);
    return st < 0 ? st : mv_cuda_pearson_lags_f32(&w->gpu, (double *)o->out.data, (float *)o->in.data,
                                                  (float *)o->other.data, rows, o->in.dim[0], SOME_LAGS, 0);
}
static mv_status lags_cpu(work *w, side *o) {
    size_t dim[2];
    const size_t rows = lags_dim(dim, &o->in);
    const mv_status st = o->out.data ? MEDVOL_OK : mv_volume_alloc(&w->e->ctx, &o->out, MEDVOL_F64, 2, dim);
    return st < 0 ? st : mv_pearson_lags_f32(&w->e->ctx, (double *)o->out.data, (float *)o->in.data,
                                             (float *)o->other.data, rows, o->in.dim[0], SOME_LAGS, 0);
}
static const row correlate[] = {
    ROW("correlation", PAIR, 8, 0, 1e-9, CORRELATION, ncc,
        (c, (mv_correlation *)o->numbers, s, &o->other, NULL)),
    ROW("correlation, mask", PAIR, 9, 0, 1e-9, CORRELATION, ncc,
        (c, (mv_correlation *)o->numbers, s, &o->other, at(masked<mv_ncc_opt>(o)))),
    {"correlation of rows, 17 lags", PAIR, 8, 8, 1e-9, VOLUME, lags_gpu, lags_cpu},
    ROW("gain and offset", PAIR, 8, 0, 1e-9, GAIN, fit_gain_offset,
        (c, (mv_gain_offset *)o->numbers, s, &o->other, NULL)),
    ROW("chi-squared", PAIR, 8, 0, 1e-9, CHI2, chi2,
        (c, (mv_chi2_sum *)o->numbers, s, &o->other, at(one_sigma()))),
    ROW("map of chi-squared", PAIR, 8, 4, 2e-6, VOLUME, chi2_map, (c, d, s, &o->other, at(one_sigma()))),
    METRIC("mean square, PSNR, correlation", 8, MEDVOL_METRIC_MSE | MEDVOL_METRIC_PSNR | MEDVOL_METRIC_NCC),
    METRIC("mutual information", 16, MEDVOL_METRIC_MI),
    METRIC("structural similarity", 8, MEDVOL_METRIC_SSIM),
    ROW("map of local correlation", PAIR, 8, 4, 1e-5, VOLUME, ncc_map,
        (c, d, s, &o->other, at(with_radius<mv_ncc_map_opt>(2)))),
};
/* One level, few steps: what they take at least, each image read and written once a pass. */
template <class T> static T some_steps(int n) {
    T opt = T();
    opt.control.levels = 1, opt.control.iterations = n;
    return opt;
}
static mv_register_affine_opt some_rigid_steps() {
    mv_register_affine_opt opt = some_steps<mv_register_affine_opt>(4);
    opt.init = MEDVOL_INIT_HEADER, opt.search = -1;
    return opt;
}
/* From a place between voxels: on one, the slope of what is linear on either side is a matter of rounding. */
static mv_register_lncc_opt uneven_steps(int n, int full) {
    static const double start[12] = {1, 0, 0, 0.31, 0, 1, 0, -0.23, 0, 0, 1, 0.17};
    mv_register_lncc_opt opt = some_steps<mv_register_lncc_opt>(n);
    opt.start = start, opt.full = full;
    return opt;
}
/* in twelve steps what rounding decides has grown */
#define LNCC(name, read, n, full)                                                                            \
    ROW(name, MOVED, read, 4, (n) > 2 ? 5e-2 : 1e-2, VOLUME, register_lncc,                                  \
        (c, d, s, &o->other, at(uneven_steps(n, full))))
static const row registration[] = {
    ROW("rigid, 4 steps (waits)", MOVED, 8, 0, 1e-4, AFFINE, register_affine,
        (c, o->numbers, s, &o->other, at(some_rigid_steps()))),
    LNCC("local correlation, 2 steps (waits)", 40, 2, 0),
    LNCC("local correlation, 12 (waits)", 220, 12, 0), /* less the above: 10 steps */
    LNCC("local correlation, full, 2 (waits)", 40, 2, 1),
    LNCC("local correlation, full, 12 (waits)", 220, 12, 1),
    ROW("demons, 2 steps (waits)", MOVED, 172, 4, 1e-2, VOLUME, register_demons,
        (c, d, s, &o->other, at(some_steps<mv_register_demons_opt>(2)))),
};
static const row flow[] = {
    ROW("dense, in space", MOVED, 8, 4, 2e-2, VOLUME, flow, (c, d, s, &o->other, NULL)),
};
typedef struct stack { mv_layer layer[3]; } stack;
static stack three_layers(const side *o) {
    static const mv_blend modes[3] = {MEDVOL_BLEND_NORMAL, MEDVOL_BLEND_MULTIPLY, MEDVOL_BLEND_SOFT_LIGHT};
    stack r = stack();
    for (int k = 0; k < 3; k++) {
        r.layer[k].image = &o->other, r.layer[k].alpha = k ? &o->in : NULL;
        r.layer[k].opacity = 0.6, r.layer[k].mode = modes[k];
    }
    return r;
}
#define LAYERS(name, count, read)                                                                            \
    ROW(name, BYTES, read, 1, 0, VOLUME, compose_layers, (c, d, s, three_layers(o).layer, count, NULL))
static const row layer[] = {
    LAYERS("one on bytes", 1, 2),
    LAYERS("three on bytes, with alpha", 3, 2),
    ROW("contrast by tiles, bytes", BYTES, 2, 1, 0, VOLUME, clahe, (c, d, s, NULL)),
    ROW("contrast by tiles, int16", SHORTS, 18, 4, 0, VOLUME, clahe, (c, d, s, NULL)),
    ROW("contrast by tiles, float32", HEAD, 12, 4, 0, VOLUME, clahe, (c, d, s, NULL)),
    ROW("histogram of another, bytes", BYTES, 3, 1, 0, VOLUME, match_histogram, (c, d, s, &o->other, NULL)),
    ROW("histogram of another, int16", SHORTS, 6, 2, 0, VOLUME, match_histogram, (c, d, s, s, NULL)),
    /* keys, four passes of sorting, two over what is sorted: 64 bytes a voxel of each, then src again */
    ROW("histogram of another, float32", PAIR, 132, 4, 0, VOLUME, match_histogram,
        (c, d, s, &o->other, NULL)),
};
/* ---- protons: weights after a step of 1 mm, and in one more plane the dose, on top of their first ---- */
typedef struct medium {
    mv_transport_grid grid;
    mv_stopping water;
    double energy[256];
} medium;
/* made once for each shape: what is timed is the step */
static mv_status medium_for(work *w, const medium **made, const mv_volume *psi) {
    static medium some;
    mv_ctx *c = &w->e->ctx;
    mv_transport_grid *g = &some.grid;
    mv_status st = MEDVOL_OK;
    *made = &some;
    if (g->nx == psi->dim[0] && g->nz == psi->dim[1] && g->energies == psi->dim[3]) return st;
    memset(g, 0, sizeof *g);
    g->nz = psi->dim[1], g->angles = psi->dim[2], g->energies = psi->dim[3];
    g->dx = 1.5, g->dz = 2, g->dangle = 0.02, g->angle = -0.01 * (double)(g->angles - 1);
    g->energy = some.energy, g->cutoff = 25;
    st = mv_stopping_init(c, &some.water, NULL);
    if (st >= 0) st = mv_transport_energies(c, some.energy, g->energies, 20, 150, 0, &some.water);
    if (st >= 0) g->nx = psi->dim[0];
    return st;
}
#define PROTON_ROW(side_name, context, op)                                                                   \
    static mv_status protons_##side_name(work *w, side *o) {                                                 \
        const mv_volume *s = &o->in;                                                                         \
        const size_t plane[2] = {s->dim[0], s->dim[1]}, planes = s->dim[2] * s->dim[3];                      \
        const size_t all[3] = {plane[0], plane[1], planes + 1};                                              \
        mv_volume first = *s, psi = mv_volume(), sum = mv_volume();                                          \
        const medium *m;                                                                                     \
        mv_status st = medium_for(w, &m, s);                                                                 \
        if (st >= 0 && !o->out.data) st = op(volume_alloc)(context, &o->out, MEDVOL_F32, 3, all);            \
        first.ndim = 2, first.dim[2] = first.dim[3] = 1, first.owner = NULL;                                 \
        if (st >= 0) st = op(convert)(context, &o->other, &first, MEDVOL_F64, NULL);                         \
        if (st >= 0) st = op(volume_wrap)(context, &psi, o->out.data, MEDVOL_F32, 4, s->dim, NULL);          \
        if (st >= 0) st = op(volume_copy)(context, &psi, s);                                                 \
        if (st >= 0)                                                                                         \
            st = op(transport_step)(context, (float *)psi.data, (double *)o->other.data, NULL, &m->grid,     \
                                    &m->water, 1, NULL);                                                     \
        if (st >= 0)                                                                                         \
            st = op(volume_wrap)(context, &sum, (float *)o->out.data + plane[0] * plane[1] * planes,         \
                                 MEDVOL_F32, 2, plane, NULL);                                                \
        if (st >= 0) st = op(convert)(context, &sum, &o->other, MEDVOL_F32, NULL);                           \
        return st < 0 ? st : op(linear)(context, &sum, &sum, 1 / 64.0, 0); /* as large as weights */         \
    }
#define ON_DEVICE(name) mv_cuda_##name
#define ON_HOST(name) mv_##name
PROTON_ROW(gpu, &w->gpu, ON_DEVICE)
PROTON_ROW(cpu, &w->e->ctx, ON_HOST)
/* a pencil beam of 100 MeV in water, some 90 planes of ranges, angles and x: the same for all sizes;
   emulated, a slow one that stops early */
static const mv_stopping *pencil_water(work *w) {
    static mv_stopping water;
    static int made;
    ex *e = w->e;
    if (!made) EX_OK(mv_stopping_init(&e->ctx, &water, NULL));
    made = 1;
    return &water;
}
static mv_beam pencil() {
    mv_beam b = mv_beam();
    b.energy = ex_emulated ? 40 : 100, b.spread = 1, b.size = 4, b.divergence = 0.01;
    return b;
}
/* nine spots of one energy, three to a row: three planes of water or, in the head, all rows they light */
enum { SPOTS = 9 };
static const mv_spot *nine_spots() {
    static mv_spot spots[SPOTS];
    for (int i = 0; i < SPOTS; i++) {
        spots[i] = mv_spot();
        spots[i].beam = pencil();
        spots[i].beam.x = 8.0 * (i % 3 - 1), spots[i].y = 8.0 * (i / 3 - 1);
        spots[i].size_y = 4;
    }
    return spots;
}
static mv_transport_opt box_of_water() {
    mv_transport_opt opt = mv_transport_opt();
    opt.nx = opt.ny = 32, opt.dx = 2, opt.dz = 4, opt.angles = 11, opt.most_leak = 1;
    return opt;
}
static const row transport[] = {
    {"a step, and a copy before", PROTONS, 12, 12, 4e-6, VOLUME, protons_gpu, protons_cpu},
    ROW("march of a pencil beam", PROTONS, 0, 0, 4e-6, VOLUME, transport_march,
        (c, d, NULL, NULL, at(pencil()), 1, pencil_water(w), NULL)),
    ROW("dose of nine spots in water", PROTONS, 0, 0, 4e-6, VOLUME, transport_dose,
        (c, d, NULL, NULL, nine_spots(), SPOTS, pencil_water(w), at(box_of_water()))),
    ROW("dose of nine spots in a head", HEAD, 4, 4, 2e-5, VOLUME, transport_dose,
        (c, d, NULL, s, nine_spots(), SPOTS, pencil_water(w), at(box_of_water()))),
};
/* covariance of the noise of 8 coils, neighbours correlated; a matrix that makes 4 of them */
static const double *noise_of_coils() {
    static double psi[2 * 8 * 8];
    memset(psi, 0, sizeof psi);
    for (int i = 0; i < 8; i++) {
        psi[2 * 9 * i] = 1.0 + 0.1 * i;
        if (i < 7) psi[2 * (9 * i + 1)] = psi[2 * (9 * i + 8)] = 0.3;
    }
    return psi;
}
static const double *four_of_coils() {
    static double m[2 * 4 * 8];
    for (int i = 0; i < 64; i++) m[i] = 0.1 * (i * 7 % 11 - 5);
    return m;
}
static double *at_each_x(const mv_volume *s) { /* room for a matrix each; another at each x */
    static double m[2 * 4 * 8 * 2048];
    for (size_t x = 0; x < s->dim[0] && x < 2048; x++)
        for (size_t i = 0; i < 64; i++) m[64 * x + i] = 0.1 * (double)((i * 7 + x) % 11) - 0.5;
    return m;
}
static mv_status gcc_gpu(work *w, side *o) {
    double *const m = at_each_x(&o->in);
    const mv_status st = mv_cuda_coil_gcc_matrix(&w->gpu, m, 4, &o->in, NULL);
    return st < 0 ? st : mv_cuda_coil_gcc_apply(&w->gpu, &o->out, &o->in, m, 4);
}
static mv_status gcc_cpu(work *w, side *o) {
    double *const m = at_each_x(&o->in);
    const mv_status st = mv_coil_gcc_matrix(&w->e->ctx, m, 4, &o->in, NULL);
    return st < 0 ? st : mv_coil_gcc_apply(&w->e->ctx, &o->out, &o->in, m, 4);
}
static mv_coil_inati_opt two_rounds() {
    mv_coil_inati_opt opt = mv_coil_inati_opt();
    opt.rounds = 2, opt.tolerance = 1e-12;
    return opt;
}
static mv_coil_lowres_opt bright_centre() {
    mv_coil_lowres_opt opt = mv_coil_lowres_opt();
    opt.threshold = 1e-3;
    return opt;
}
static mv_espirit_opt small_kernel() {
    mv_espirit_opt opt = mv_espirit_opt();
    opt.kernel[0] = opt.kernel[1] = 4, opt.kernel[2] = 1;
    opt.threshold = 0.5, opt.crop = -1; /* an image as k-space has little to project away */
    return opt;
}
static const row coils[] = {
    ROW("root sum of squares", COILS, 8, 4, 4e-6, VOLUME, coil_rss, (c, d, s, NULL)),
    ROW("combination by maps", COILS, 16, 8, 4e-6, VOLUME, coil_combine, (c, d, s, &o->maps, NULL)),
    ROW("coils from an image", COILS, 9, 8, 4e-6, VOLUME, coil_expand, (c, d, &o->image, &o->maps, NULL)),
    ROW("whitening", COILS, 8, 8, 4e-6, VOLUME, coil_whiten, (c, d, s, noise_of_coils())),
    ROW("8 coils to 4 by a matrix", COILS, 8, 8, 4e-6, VOLUME, coil_apply, (c, d, s, four_of_coils(), 4)),
    ROW("compression to 4 (waits)", COILS, 16, 8, 1e-4, VOLUME, coil_compress, (c, d, s, 4, NULL)),
    ROW("8 coils to 4, by x", COILS, 8, 8, 4e-6, VOLUME, coil_gcc_apply, (c, d, s, at_each_x(s), 4)),
    {"compression to 4 by x (waits)", COILS, 16, 8, 1e-4, VOLUME, gcc_gpu, gcc_cpu},
    ROW("maps by Walsh's method", COILS, 8, 8, 2e-3, VOLUME, coil_walsh, (c, d, s, NULL)),
    ROW("maps by Inati's method", COILS, 8, 8, 2e-3, VOLUME, coil_inati, (c, d, s, at(two_rounds()))),
    ROW("maps of the centre", COILS, 0, 16, 2e-3, VOLUME, coil_lowres, (c, d, s, at(bright_centre()))),
    ROW("maps by ESPIRiT (waits)", COILS, 0, 8, 2e-3, VOLUME, espirit, (c, d, s, at(small_kernel()))),
};
static mv_cg_sense_opt ten_steps() {
    mv_cg_sense_opt opt = mv_cg_sense_opt();
    opt.iterations = 10, opt.lambda = 0.01;
    return opt;
}
static mv_sense_opt twofold() {
    mv_sense_opt opt = mv_sense_opt();
    opt.accel[0] = 2, opt.lambda = 0.01;
    return opt;
}
/* bytes of the transforms by one pass an axis: 32 for a coil's voxel */
static const row sense[] = {
    ROW("SENSE forward", COILS, 49, 0, 2e-5, VOLUME, sense_forward, (c, d, &o->image, &o->maps, NULL)),
    ROW("SENSE adjoint", COILS, 56, 8, 2e-5, VOLUME, sense_adjoint, (c, d, s, &o->maps, NULL)),
    ROW("CG-SENSE, 10 steps", COILS, 560, 8, 1e-3, VOLUME, cg_sense, (c, d, s, &o->maps, at(ten_steps()))),
    ROW("SENSE, every second line", COILS, 48, 8, 1e-3, VOLUME, sense, (c, d, s, &o->maps, at(twofold()))),
};
/* every second line along y was sampled; weights of the first frame's middle lines */
static mv_grappa_opt every_second() {
    mv_grappa_opt opt = mv_grappa_opt();
    opt.kernel[0] = 3, opt.kernel[1] = 2, opt.kernel[2] = 1;
    opt.accel[0] = 2, opt.accel[1] = 1;
    return opt;
}
static mv_volume calibration(const mv_volume *s) {
    mv_volume v = *s;
    v.owner = NULL;
    for (int d = 0; d < 3; d++) v.dim[d] = v.dim[d] < 24 ? v.dim[d] : 24;
    return v;
}
static const row grappa[] = {
    {"every second line", COILS, 4, 8, 2e-5, VOLUME,
     [](work *w, side *o) -> mv_status {
         mv_status st = MEDVOL_OK;
         if (!o->grappa.kernels)
             st = mv_cuda_grappa_init(&w->gpu, &o->grappa, at(calibration(&o->in)), NULL, at(every_second()));
         return st < 0 ? st : mv_cuda_grappa_execute(&w->gpu, &o->grappa, &o->out, &o->in);
     },
     [](work *w, side *o) -> mv_status {
         mv_ctx *c = &w->e->ctx;
         mv_status st = MEDVOL_OK;
         if (!o->host_grappa.kernels)
             st = mv_grappa_init(c, &o->host_grappa, at(calibration(&o->in)), NULL, at(every_second()));
         return st < 0 ? st : mv_grappa_execute(c, &o->host_grappa, &o->out, &o->in);
     }},
};
static const struct {
    const char *name;
    const row *rows;
    size_t n;
} sections[] = {
#define SECTION(name) {#name, name, sizeof name / sizeof *name}
    SECTION(volumes), SECTION(intensity), SECTION(spatial),   SECTION(resample), SECTION(fft),
    SECTION(filter),  SECTION(field),     SECTION(correlate), SECTION(coils),    SECTION(grappa),
    SECTION(sense),   SECTION(flow),      SECTION(layer),     SECTION(transport),
    {"register", registration, sizeof registration / sizeof *registration},
};
enum { SECTIONS = sizeof sections / sizeof *sections };

/* ---- inputs: the same voxels on both sides ---- */
static mv_convert_opt as_stored() {
    mv_convert_opt opt = mv_convert_opt();
    opt.keep_scaling = 1;
    return opt;
}
#define EX_WORK(call) ex_gpu_ok(w->e, &w->gpu, (call))
static double voxels(const mv_volume *v) { return v->data ? (double)mv_volume_count(v) : 0.0; }
static void release_results(work *w, stage *g) {
    mv_cuda_volume_free(&w->gpu, &g->device.out);
    mv_volume_free(&w->e->ctx, &g->host.out);
}
static void release(work *w, stage *g) {
    release_results(w, g);
    mv_cuda_volume_free(&w->gpu, &g->device.in);
    mv_cuda_volume_free(&w->gpu, &g->device.mask);
    mv_cuda_volume_free(&w->gpu, &g->device.other);
    mv_cuda_volume_free(&w->gpu, &g->device.field);
    mv_cuda_volume_free(&w->gpu, &g->device.maps);
    mv_volume_free(&w->e->ctx, &g->host.in);
    mv_volume_free(&w->e->ctx, &g->host.mask);
    mv_volume_free(&w->e->ctx, &g->host.other);
    mv_volume_free(&w->e->ctx, &g->host.field);
    mv_volume_free(&w->e->ctx, &g->host.maps);
    mv_cuda_grappa_free(&w->gpu, &g->device.grappa);
    mv_grappa_free(&w->e->ctx, &g->host.host_grappa);
    g->input = -1;
}
/* The head over floats, of complex numbers two by two; dim[2] and dim[3] as one axis */
static void make_flat(work *w, mv_volume *v, mv_dtype type, const mv_volume *head, int ndim,
                      const size_t *dim) {
    const size_t flat[3] = {dim[0] * mv_dtype_size(type) / 4, dim[1], ndim > 3 ? dim[2] * dim[3] : dim[2]};
    mv_volume pairs = mv_volume();
    EX_WORK(mv_cuda_volume_alloc(&w->gpu, v, type, ndim, dim));
    EX_WORK(mv_cuda_volume_wrap(&w->gpu, &pairs, v->data, MEDVOL_F32, 3, flat, NULL));
    EX_WORK(mv_cuda_resample_shape(&w->gpu, &pairs, head, flat, NULL));
    memcpy(v->affine, head->affine, sizeof v->affine);
}
static void make_input(work *w, mv_volume *in, int input, const size_t *shape) {
    const size_t dim[4] = {shape[0], shape[1], shape[2] < 16 ? 1 : shape[2] / 16, 8};
    const size_t even[3] = {shape[0] & ~(size_t)1, shape[1], shape[2]};
    const size_t angles[4] = {shape[0], shape[1], 9, shape[2] < 16 ? 2 : shape[2] / 8};
    mv_volume head = mv_volume();
    mv_convert_opt scaled = mv_convert_opt();
    scaled.slope = 0.5;
    EX_WORK(mv_cuda_upload(&w->gpu, &head, &w->head, MEDVOL_F32, NULL));
    if (input == COMPLEX) make_flat(w, in, MEDVOL_C64, &head, 3, shape);
    else if (input == COILS) make_flat(w, in, MEDVOL_C64, &head, 4, dim);
    else if (input == PROTONS) make_flat(w, in, MEDVOL_F32, &head, 4, angles);
    else EX_WORK(mv_cuda_resample_shape(&w->gpu, in, &head, input == SPECTRUM ? even : shape, NULL));
    if (input == SHORTS) EX_WORK(mv_cuda_convert(&w->gpu, in, in, MEDVOL_I16, &scaled));
    if (input == MOVED) EX_WORK(mv_cuda_gaussian(&w->gpu, in, in, sigmas(1).n, at(in_voxels())));
    if (input == SPECTRUM) EX_WORK(mv_cuda_rfft(&w->gpu, in, in, NULL));
    if (input == BYTES) {
        EX_WORK(mv_cuda_rescale(&w->gpu, in, in, 0, 255, NULL));
        EX_WORK(mv_cuda_convert(&w->gpu, in, in, MEDVOL_U8, NULL));
    }
    mv_cuda_volume_free(&w->gpu, &head);
}
/* Waves of up to one and a half voxels, less where they are short, made of a coarse one */
static void make_field(work *w, mv_volume *v, const mv_volume *like, const size_t *shape) {
    const size_t dim[3] = {16, 16, 16};
    mv_volume coarse = mv_volume(), bent = mv_volume();
    double mm[3];
    ex *e = w->e;
    mv_spacing(like, mm);
    EX_OK(mv_volume_alloc(&e->ctx, &coarse, MEDVOL_F32, 3, dim));
    ex_bend(e, &bent, &coarse, 1.5 * mm[0] * fmin(1, (double)shape[0] / 16));
    EX_WORK(mv_cuda_upload(&w->gpu, v, &bent, MEDVOL_F32, NULL));
    EX_WORK(mv_cuda_resample_shape(&w->gpu, v, v, shape, NULL));
    memcpy(v->affine, like->affine, sizeof v->affine);
    mv_volume_free(&e->ctx, &coarse);
    mv_volume_free(&e->ctx, &bent);
}
static void bring(work *w, mv_volume *host, const mv_volume *device) {
    if (device->data) EX_WORK(mv_cuda_download(&w->gpu, host, device, MEDVOL_NONE, at(as_stored())));
}
static void borrow(side *o, const matrix *turn) {
    o->grid = o->image = o->kernel = o->in;
    o->grid.owner = o->image.owner = o->kernel.owner = NULL;
    mv_affine_mul(o->grid.affine, o->in.affine, turn->n);
    if (o->image.ndim > 3) o->image.ndim = 3, o->image.dim[3] = 1;
}
static void prepare(work *w, stage *g, int input, int both) {
    side *d = &g->device, *h = &g->host;
    matrix turn;
    release_results(w, g);
    if (g->input == input) return;
    release(w, g);
    make_input(w, &d->in, input, g->shape);
    turn = turned(&d->in, 7);
    if (input == HEAD || input == PAIR)
        EX_WORK(mv_cuda_threshold(&w->gpu, &d->mask, &d->in, 150, 700, at(binary())));
    if (input == BYTES) EX_WORK(mv_cuda_flip(&w->gpu, &d->other, &d->in, 7));
    if (input == COILS) EX_WORK(mv_cuda_flip(&w->gpu, &d->maps, &d->in, 3));
    if (input == PAIR || input == MOVED) {
        const matrix m = input == PAIR ? turned(&d->in, 3) : moved(&d->in);
        mv_resample_opt opt = mv_resample_opt();
        if (input == MOVED) opt.border = MEDVOL_BORDER_EDGE; /* windows of zeros have no correlation */
        EX_WORK(mv_cuda_resample_affine(&w->gpu, &d->other, &d->in, m.n, d->in.dim, &opt));
        memcpy(d->other.affine, d->in.affine, sizeof d->other.affine);
    }
    if (input == PAIR) make_field(w, &d->field, &d->in, g->shape);
    if (both) {
        bring(w, &h->in, &d->in);
        bring(w, &h->mask, &d->mask);
        bring(w, &h->other, &d->other);
        bring(w, &h->field, &d->field);
        bring(w, &h->maps, &d->maps);
        borrow(h, &turn);
    }
    borrow(d, &turn);
    g->input = input;
}

/* ---- right? ---- */
/* As doubles, malloc'd; complex as pairs */
static double *as_doubles(ex *e, const mv_volume *v, size_t *n) {
    const int pairs = v->dtype == MEDVOL_C64 || v->dtype == MEDVOL_C128;
    const mv_dtype type = v->dtype == MEDVOL_C64    ? MEDVOL_F32
                          : v->dtype == MEDVOL_C128 ? MEDVOL_F64
                                                    : v->dtype;
    double *x;
    *n = mv_volume_count(v) * (pairs ? 2 : 1);
    if ((x = (double *)malloc(*n * sizeof *x)) == NULL) ex_quit(e, EX_MEMORY, "out of memory");
    EX_OK(mv_convert_array(NULL, x, MEDVOL_F64, v->data, type, *n, v->slope, v->inter));
    return x;
}
/* Largest difference as a share of the largest value; infinite: another shape, type or place */
static double apart(const double *a, const double *b, size_t n) {
    double most = 0, far = 0;
    for (size_t i = 0; i < n; i++) {
        if (a[i] == b[i] || (a[i] != a[i] && b[i] != b[i])) continue;
        if (!(fabs(a[i] - b[i]) <= far)) far = a[i] - b[i] == a[i] - b[i] ? fabs(a[i] - b[i]) : INFINITY;
    }
    for (size_t i = 0; i < n; i++)
        if (fabs(b[i]) > most && fabs(b[i]) < INFINITY) most = fabs(b[i]);
    return far > 0 ? far / most : 0.0;
}
static double volumes_apart(work *w, const mv_volume *got, const mv_volume *want) {
    double *a, *b, far;
    size_t n, m;
    int d;
    if (got->ndim != want->ndim || got->dtype != want->dtype) return INFINITY;
    for (d = 0; d < got->ndim; d++)
        if (got->dim[d] != want->dim[d]) return INFINITY;
    for (d = 0; d < 12; d++)
        if (!(fabs(got->affine[d] - want->affine[d]) <= 1e-9 * (1 + fabs(want->affine[d])))) return INFINITY;
    a = as_doubles(w->e, got, &n);
    b = as_doubles(w->e, want, &m);
    far = apart(a, b, n);
    free(a), free(b);
    return far;
}
static double numbers_apart(int result, const double *got, const double *want) {
    const int counts = records[result].counts, from = counts + records[result].skipped;
    double far = 0;
    if (memcmp(got, want, (size_t)counts * sizeof *got) != 0) return INFINITY;
    if (records[result].together) return apart(got, want, (size_t)records[result].reals);
    for (int i = from; i < from + records[result].reals; i++) {
        const double one = apart(got + i, want + i, 1);
        if (!(one <= far)) far = one;
    }
    return far;
}
static double check(work *w, const row *r) {
    stage *g = &w->check;
    mv_volume got = mv_volume();
    double far;
    ex *e = w->e;
    prepare(w, g, r->input, 1);
    memset(g->device.numbers, 0, MOST_NUMBERS * sizeof(double));
    memset(g->host.numbers, 0, MOST_NUMBERS * sizeof(double));
    for (int turn = 0; turn < 2; turn++) EX_WORK(r->device(w, &g->device)); /* new, then into what is there */
    EX_WORK(mv_cuda_sync(&w->gpu));
    EX_OK(r->host(w, &g->host));
    if (r->result != VOLUME) return numbers_apart(r->result, g->device.numbers, g->host.numbers);
    EX_WORK(mv_cuda_download(&w->gpu, &got, &g->device.out, MEDVOL_NONE, at(as_stored())));
    far = volumes_apart(w, &got, &g->host.out);
    mv_volume_free(&e->ctx, &got);
    return far;
}

/* ---- fast? ---- */
typedef struct times {
    double median, least, graph; /* ms a call; 0: not measured */
    int n;
} times;
static void stop_if_asked(work *w) {
    if (ex_stop) ex_quit(w->e, EX_CANCELLED, "cancelled");
}
/* ms of `repeat` calls of f, by events */
template <class F> static double between(work *w, int repeat, F f) {
    if (!ex_event_record(w->from, w->gpu.stream)) ex_quit(w->e, EX_CHECK, "an event cannot be recorded");
    for (int i = 0; i < repeat; i++) EX_WORK(f());
    if (!ex_event_record(w->to, w->gpu.stream) || !ex_event_wait(w->to))
        ex_quit(w->e, EX_CHECK, "an event cannot be waited for");
    return ex_event_ms(w->from, w->to) / repeat;
}
/* Short calls are repeated between events, so that 0.3 ms lie there; at most half a second altogether. */
template <class F> static double median_ms(work *w, times *t, F f) {
    static double ms[EX_ROWS_MAX];
    const int most = ex_emulated ? 1 : w->iterations;
    double first, spent = 0;
    int repeat, n = 0;
    between(w, 1, f);
    first = between(w, 1, f);
    repeat = ex_emulated || first > 0.3 ? 1 : first > 0.003 ? (int)(0.3 / first) : 100;
    between(w, repeat, f);
    while (n < most && (n < 3 || spent < 500)) {
        stop_if_asked(w);
        ms[n] = between(w, repeat, f);
        spent += ms[n++] * repeat;
    }
    t->n = n;
    first = ex_median(ms, n);
    t->least = ms[0];
    return first;
}
static double by_graph(work *w, const row *r) {
    mv_cuda_graph graph = mv_cuda_graph();
    times t;
    double ms = 0;
    EX_WORK(mv_cuda_capture_begin(&w->gpu));
    const mv_status st = r->device(w, &w->time.device);
    if (mv_cuda_capture_end(&w->gpu, &graph) < 0) return 0; /* it waits */
    if (st >= 0) ms = median_ms(w, &t, [&]() { return mv_cuda_graph_launch(&w->gpu, &graph); });
    EX_WORK(mv_cuda_sync(&w->gpu));
    mv_cuda_graph_free(&w->gpu, &graph);
    return ms;
}
/* 0: there is not enough memory */
static int run(work *w, const row *r, times *t) {
    stage *g = &w->time;
    mv_status st;
    memset(t, 0, sizeof *t);
    prepare(w, g, r->input, 0);
    if ((st = r->device(w, &g->device)) == MEDVOL_E_NOMEM) return 0;
    EX_WORK(st);
    EX_WORK(mv_cuda_sync(&w->gpu));
    ex_gpu_range(1);
    EX_WORK(r->device(w, &g->device));
    EX_WORK(mv_cuda_sync(&w->gpu));
    ex_gpu_range(0);
    t->median = median_ms(w, t, [&]() { return r->device(w, &g->device); });
    EX_WORK(mv_cuda_sync(&w->gpu));
    if (w->graph) t->graph = by_graph(w, r);
    return 1;
}
/* GB/s of copying a volume of that size, by the runtime and by kernels; and 0.5 GB, which no cache holds */
static void measure_copy(work *w) {
    stage *g = &w->time;
    mv_volume *in = &g->device.in, *out = &g->device.out;
    mv_cuda_ctx *gpu = &w->gpu;
    times t;
    double bytes, ms[3];
    prepare(w, g, HEAD, 0);
    EX_WORK(mv_cuda_volume_copy(gpu, out, in));
    bytes = 4 * voxels(in);
    ms[0] = median_ms(w, &t, [&]() {
        return ex_gpu_copy(out->data, in->data, (size_t)bytes, gpu->stream) ? MEDVOL_OK : MEDVOL_E_DEVICE;
    });
    ms[1] = median_ms(w, &t, [&]() { return mv_cuda_volume_copy(gpu, out, in); });
    ms[2] = median_ms(w, &t, [&]() { return mv_cuda_clamp(gpu, out, in, -INFINITY, INFINITY); });
    w->copy_gbs = 2e-6 * bytes / fmin(ms[0], fmin(ms[1], ms[2]));
    if (!w->e->json && !ex_emulated)
        printf("# copies of %zu x %zu x %zu f32, GB/s: cudaMemcpyAsync %.0f, volume_copy %.0f, clamp %.0f\n",
               g->shape[0], g->shape[1], g->shape[2], 2e-6 * bytes / ms[0], 2e-6 * bytes / ms[1],
               2e-6 * bytes / ms[2]);
    release_results(w, g);
}

/* ---- tables ---- */
static void print_head(work *w) {
    const ex_gpu_about *a = &w->about;
    FILE *f = w->e->json ? stderr : stdout;
    if (ex_emulated) {
        fprintf(f, "# emulated: times mean nothing; rows are checked beside medvol.h\n");
        if (!w->e->json)
            printf("%-10s %-32s %11s %5s %9s %9s\n", "section", "op", "shape", "dtype", "apart", "allowed");
        return;
    }
    fprintf(f, "# medvol %s, %s, compute capability %d.%d, %d processors, L2 %.0f MB, memory %.0f GB\n",
            mv_version(), a->name, a->major, a->minor, a->processors, 1e-6 * a->l2, 1e-9 * a->memory);
    if (!w->e->json)
        printf("%-10s %-32s %11s %5s %9s %9s %8s %6s%s\n", "section", "op", "shape", "dtype", "ms", "min_ms",
               "GB/s", "share", w->graph ? "  graph_ms" : "");
}
/* rate: GB/s; share 0: of nothing */
static void print_json(work *w, const times *t, double rate, double share, int cached) {
    if (ex_emulated) printf(",\"emulated\":true}\n");
    else
        printf(",\"median_ms\":%.6g,\"min_ms\":%.6g,\"n\":%d,\"GB/s\":%.6g,\"share\":%.4g,\"L2\":%s,"
               "\"graph_ms\":%.6g,\"device\":\"%s\"}\n",
               t->median, t->least, t->n, rate, share, cached ? "true" : "false", t->graph, w->about.name);
}
static void print_times(work *w, const times *t, double rate, double share, int cached) {
    printf(" %9.4g %9.4g %8.0f", t->median, t->least, rate);
    if (share > 0) printf(" %5.0f%%", 100 * share);
    else printf(" %6s", "-");
    if (w->graph && t->graph > 0) printf(" %9.4g", t->graph);
    else if (w->graph) printf(" %9s", "-");
    if (cached) printf(" L2");
}
static void print_row(work *w, const char *section, const char *name, const mv_volume *in, const times *t,
                      double rate, double share, int cached, double far, double allowed) {
    const char *const type = mv_dtype_name(in->dtype);
    char shape[64];
    int at = 0;
    for (int d = 0; d < in->ndim && at < 48; d++)
        at += snprintf(shape + at, sizeof shape - (size_t)at, d ? "x%zu" : "%zu", in->dim[d]);
    if (w->e->json) {
        printf("{\"section\":\"%s\",\"op\":\"%s\",\"shape\":\"%s\"", section, name, shape);
        printf(",\"dtype\":\"%s\",\"apart\":%.3g,\"allowed\":%.3g", type,
               far < 1e300 ? far : 1e300, allowed);
        print_json(w, t, rate, share, cached);
    } else {
        printf("%-10s %-32s %11s %5s", section, name, shape, type);
        if (ex_emulated) printf(" %9.2g %9.2g", far, allowed);
        else print_times(w, t, rate, share, cached);
        printf("%s\n", far <= allowed ? "" : " WRONG");
    }
    fflush(stdout);
    w->rows++;
    w->wrong += !(far <= allowed);
}
static void print_one(work *w, const char *section, const row *r) {
    const double far = check(w, r);
    const mv_volume *in = &w->time.device.in, *out = &w->time.device.out;
    times t;
    double bytes, held, rate; /* held: what a cache would have to */
    if (!run(w, r, &t)) {
        fprintf(stderr, "# %s, %zu voxels a side: not enough memory\n", r->name, w->time.shape[0]);
        return;
    }
    bytes = r->read * voxels(in) + r->written * voxels(out);
    held = ex_bytes(out) * (out->data ? 1 : 0) + (r->read > 0 ? ex_bytes(in) : ex_bytes(out));
    rate = 1e-6 * bytes / t.median;
    print_row(w, section, r->name, in, &t, rate, rate / w->copy_gbs, held <= w->about.l2, far, r->tolerance);
}

/* ---- over the bus, by the clock: from the call until all is there ---- */
template <class F>
static void transfer(work *w, const char *name, const mv_volume *v, double bytes, double far, F f) {
    static double ms[EX_ROWS_MAX];
    const int most = ex_emulated ? 1 : w->iterations < 10 ? w->iterations : 10;
    times t = times();
    for (int i = -1; i < most; i++) {
        const double begin = ex_now();
        stop_if_asked(w);
        EX_WORK(f());
        EX_WORK(mv_cuda_sync(&w->gpu));
        if (i >= 0) ms[i] = 1e3 * (ex_now() - begin);
    }
    t.n = most;
    t.median = ex_median(ms, most);
    t.least = ms[0];
    print_row(w, "transfers", name, v, &t, 1e-6 * bytes / t.median, 0, 0, far, 0);
}
enum { TRANSFERS = 4 };
static const char *const transfer_names[TRANSFERS] = {"download, pinned", "upload, pinned",
                                                      "download, pageable", "upload, pageable"};
static void *host_block(work *w, int pageable, size_t bytes) {
    void *p = NULL;
    if (pageable) p = malloc(bytes);
    else EX_WORK(mv_cuda_host_alloc(&w->gpu, &p, bytes));
    if (!p) ex_quit(w->e, EX_MEMORY, "%zu bytes of host memory cannot be had", bytes);
    return p;
}
static void host_block_free(work *w, int pageable, void *p) {
    if (pageable) free(p);
    else EX_WORK(mv_cuda_host_free(&w->gpu, p));
}
static void transfers(work *w, int (*want)(const char *section, const char *name)) {
    stage *g = &w->time;
    ex *e = w->e;
    const size_t bytes = 4 * g->shape[0] * g->shape[1] * g->shape[2];
    prepare(w, g, HEAD, 0);
    for (int pageable = 0; pageable < 2; pageable++) {
        const char *const *name = &transfer_names[2 * pageable];
        mv_volume host = mv_volume(), back = mv_volume();
        double far;
        if (!want("transfers", name[0]) && !want("transfers", name[1])) continue;
        EX_OK(mv_volume_wrap(&e->ctx, &host, host_block(w, pageable, bytes), MEDVOL_F32, 3, g->shape, NULL));
        EX_OK(mv_volume_wrap(&e->ctx, &back, host_block(w, pageable, bytes), MEDVOL_F32, 3, g->shape, NULL));
        /* what comes down, goes up and comes down again is the same */
        EX_WORK(mv_cuda_download(&w->gpu, &host, &g->device.in, MEDVOL_NONE, NULL));
        EX_WORK(mv_cuda_upload(&w->gpu, &g->device.out, &host, MEDVOL_F32, NULL));
        EX_WORK(mv_cuda_download(&w->gpu, &back, &g->device.out, MEDVOL_NONE, NULL));
        EX_WORK(mv_cuda_sync(&w->gpu));
        far = memcmp(host.data, back.data, bytes) ? INFINITY : 0;
        if (want("transfers", name[0]))
            transfer(w, name[0], &host, (double)bytes, far, [&]() {
                return mv_cuda_download(&w->gpu, &host, &g->device.in, MEDVOL_NONE, NULL);
            });
        if (want("transfers", name[1]))
            transfer(w, name[1], &host, (double)bytes, far, [&]() {
                return mv_cuda_upload(&w->gpu, &g->device.out, &host, MEDVOL_F32, NULL);
            });
        host_block_free(w, pageable, host.data);
        host_block_free(w, pageable, back.data);
    }
    release_results(w, g);
}

/* ---- the program ---- */
#ifdef _WIN32
static const char *pattern;
static int wanted(const char *section, const char *name) {
    return !pattern || strstr(section, pattern) || strstr(name, pattern);
}
static void want(ex *e, const char *only) {
    (void)e;
    pattern = only;
}
#else
static regex_t pattern;
static int anything = 1;
static int wanted(const char *section, const char *name) {
    char all[128];
    snprintf(all, sizeof all, "%s/%s", section, name);
    return anything || regexec(&pattern, all, 0, NULL, 0) == 0;
}
static void want(ex *e, const char *only) {
    if (!only) return;
    anything = 0;
    if (regcomp(&pattern, only, REG_EXTENDED | REG_NOSUB) != 0)
        ex_quit(e, EX_USAGE, "--only %s: no regular expression", only);
}
#endif
static int parse_sizes(ex *e, const char *s, size_t *sizes, int most) {
    char *end;
    int n = 0;
    for (;; s = end + 1) {
        const double x = strtod(s, &end);
        if (end == s || (*end && *end != ',') || !(x >= 12 && x <= 2048) || x != 2 * floor(x / 2) ||
            n == most)
            ex_quit(e, EX_USAGE, "--size: must be at most %d even numbers 12..2048, as 128,256", most);
        sizes[n++] = (size_t)x;
        if (!*end) return n;
    }
}
/* How many rows are wanted; list: names them */
static int count_rows(int list) {
    int n = 0;
    for (int s = 0; s < SECTIONS; s++)
        for (size_t i = 0; i < sections[s].n; i++) {
            const row *r = &sections[s].rows[i];
            if (!wanted(sections[s].name, r->name)) continue;
            n++;
            if (list)
                printf("%-10s %-32s %4g bytes a voxel of the input, %g of the result\n", sections[s].name,
                       r->name, r->read, r->written);
        }
    for (int i = 0; i < TRANSFERS; i++) {
        if (!wanted("transfers", transfer_names[i])) continue;
        n++;
        if (list) printf("%-10s %-32s %4g bytes a voxel\n", "transfers", transfer_names[i], 4.0);
    }
    return n;
}
static void open_device(work *w) {
    mv_cuda_desc desc = mv_cuda_desc();
    ex *e = w->e;
    void *pinned = NULL;
    const char *s = ex_text(e, "--device");
    if (s) desc.by_number = 1, desc.device = (int)ex_parse(e, "--device", s, 0, 1024);
    EX_WORK(mv_cuda_ctx_init(&w->gpu, &desc));
    if (!ex_gpu_look(&w->about)) ex_quit(e, EX_UNSUPPORTED, "the device does not say what it is");
    if ((w->from = ex_event_new()) == NULL || (w->to = ex_event_new()) == NULL)
        ex_quit(e, EX_CHECK, "an event cannot be made");
    EX_WORK(mv_cuda_host_alloc(&w->gpu, &pinned, MOST_NUMBERS * sizeof(double)));
    w->check.device.numbers = w->time.device.numbers = (double *)pinned;
    w->check.input = w->time.input = -1;
}
int main(int argc, char **argv) {
    static const size_t small[3] = {20, 18, 16};
    static double numbers[MOST_NUMBERS];
    static ex state;
    static work all;
    size_t sizes[16] = {128, 256, 512};
    ex *e = &state;
    work *w = &all;
    const char *s;
    int n = 3, done = 0, list;
    w->e = e;
    ex_init(e, argc, argv, "profile_cuda", usage);
    if ((s = ex_text(e, "--size")) != NULL) n = parse_sizes(e, s, sizes, 16);
    want(e, ex_text(e, "--only"));
    w->iterations = (int)ex_whole(e, "--iterations", 20, 1, EX_ROWS_MAX);
    w->graph = ex_flag(e, "--graph");
    list = ex_flag(e, "--list");
    if (!count_rows(0)) ex_quit(e, EX_USAGE, "--only: there is no such row");
    if (!list) open_device(w);
    ex_no_more(e);
    if (list) return count_rows(1) < 1;
    ex_bar.on = ex_bar.on && !ex_tty(stdout); /* rows are progress enough */
    ex_make_head(e, &w->head, MEDVOL_F32, 96, 96, 96, NULL, 20.0);
    memcpy(w->check.shape, small, sizeof small);
    w->check.host.numbers = numbers;
    print_head(w);
    for (int k = 0; k < n; k++) {
        release(w, &w->time);
        w->time.shape[0] = w->time.shape[1] = w->time.shape[2] = sizes[k];
        measure_copy(w);
        for (int i = 0; i < SECTIONS; i++)
            for (size_t r = 0; r < sections[i].n; r++, done++) {
                stop_if_asked(w);
                ex_progress(NULL, (double)r, (double)sections[i].n, sections[i].name);
                if (wanted(sections[i].name, sections[i].rows[r].name))
                    print_one(w, sections[i].name, &sections[i].rows[r]);
            }
        transfers(w, wanted);
    }
    ex_bar_clear();
    release(w, &w->time);
    release(w, &w->check);
    mv_volume_free(&e->ctx, &w->head);
    ex_event_free(w->from);
    ex_event_free(w->to);
    EX_WORK(mv_cuda_host_free(&w->gpu, w->check.device.numbers));
    ex_gpu_free(e, &w->gpu);
    ex_free(e);
    if (w->wrong) ex_quit(e, EX_CHECK, "check failed: %d of %d rows are wrong", w->wrong, w->rows);
    return 0;
}
