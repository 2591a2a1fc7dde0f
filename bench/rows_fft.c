/* rows_fft.c - Fourier transforms: volumes, planes, lines, real ones, plans. */
#define BENCH_MARK_CALLS
#include "bench.h"

/* aux[0]: the source, complex as the input and its mirror image with signs by chance; own: the plan */
static mv_status setup(bench *b, unsigned axes, unsigned flags, size_t nx, size_t ny, size_t nz) {
    mv_fft_desc d = {0};
    mv_fft_plan *plan = (mv_fft_plan *)calloc(1, sizeof *plan);
    const float *s = (const float *)b->in.data;
    const int real = (flags & MEDVOL_FFT_REAL) != 0, back = real && (flags & MEDVOL_FFT_INVERSE);
    size_t n, i, m = mv_volume_count(&b->in);
    uint32_t seed = 1;
    float *p;
    mv_status st;
    if (!(b->own = plan)) return MEDVOL_E_NOMEM;
    d.ndim = 3;
    d.axes = axes;
    d.flags = flags;
    d.dim[0] = nx, d.dim[1] = ny, d.dim[2] = nz;
    if ((st = mv_fft_plan_init(b->ctx, plan, &d)) < 0) return st;
    st = mv_volume_alloc(b->ctx, &b->aux[0], real && !back ? MEDVOL_F32 : MEDVOL_C64, 3, plan->desc.in_dim);
    if (st >= 0)
        st = mv_volume_alloc(b->ctx, &b->out, back ? MEDVOL_F32 : MEDVOL_C64, 3, plan->desc.out_dim);
    if (st < 0) return st;
    n = bench_bytes(&b->aux[0]) / sizeof *p;
    p = (float *)b->aux[0].data;
    for (i = 0; i < n; i++) { /* of either sign: beside a large mean, rounding would hide the rest */
        seed = seed * 1664525u + 1013904223u;
        p[i] = s[(i % 2 ? m - 1 - i / 2 % m : i / 2 % m)] * (seed >> 31 ? 1e-3f : -1e-3f);
    }
    if (back) /* of a real array: the parts that are not looked at are 0 */
        for (i = 0; i < n; i += 2 * plan->desc.in_dim[0]) p[i + 1] = p[i + 2 * plan->desc.in_dim[0] - 1] = 0;
    memset(b->out.data, 0, bench_bytes(&b->out));
    return MEDVOL_OK;
}
static void done(bench *b) {
    if (b->own) mv_fft_plan_free(b->ctx, (mv_fft_plan *)b->own);
    free(b->own);
}
static mv_status execute(bench *b) {
    return mv_fft_plan_execute(b->ctx, (const mv_fft_plan *)b->own, b->out.data, b->aux[0].data);
}
#define CUBE(name, axes, flags)                                                                              \
    static mv_status name(bench *b) { return setup(b, axes, flags, b->side, b->side, b->side); }
CUBE(volume, 7, 0)
CUBE(centred, 7, MEDVOL_FFT_CENTERED | MEDVOL_FFT_UNITARY)
CUBE(planes, 3, 0)
CUBE(rows, 1, 0)
CUBE(of_reals, 7, MEDVOL_FFT_REAL)
CUBE(to_reals, 7, MEDVOL_FFT_REAL | MEDVOL_FFT_INVERSE)
static mv_status prime(bench *b) { /* the largest prime up to the side, or so */
    size_t n = b->side, k;
    for (; n > 3; n--) {
        for (k = 2; k * k <= n && n % k; k++) {}
        if (k * k > n) break;
    }
    return setup(b, 1, 0, n, b->side, b->side);
}
static mv_status line(bench *b) { return setup(b, 1, 0, b->side * 16, 1, 1); } /* 256: of 4096 */
static mv_status long_line(bench *b) {
    size_t n = 1;
    while (2 * n <= b->side * b->side * 16 && n < (size_t)1 << 22) n *= 2;
    return setup(b, 1, 0, n, 1, 1);
}

/* Shapes that other libraries publish, the same at every side; small ones for the smallest sides. */
static mv_status shape(bench *b, unsigned axes, size_t nx, size_t ny, size_t nz) {
    const size_t less = b->side < 64 ? 16 : 1;
    return setup(b, axes, 0, nx / less, ny > less ? ny / less : 1, nz > less ? nz / less : 1);
}
#define SHAPE(name, axes, nx, ny, nz)                                                                        \
    static mv_status name(bench *b) { return shape(b, axes, nx, ny, nz); }
SHAPE(lines_4096, 1, 4096, 4096, 1)
SHAPE(planes_256, 3, 256, 256, 32)
SHAPE(planes_320, 3, 320, 320, 32)
SHAPE(planes_512, 3, 512, 512, 32)
SHAPE(volume_240, 7, 240, 240, 240)
SHAPE(volume_250, 7, 250, 250, 250)
SHAPE(lines_251, 1, 251, 16384, 1)
SHAPE(lines_257, 1, 257, 16384, 1)
SHAPE(lines_1009, 1, 1009, 4096, 1)
SHAPE(lines_4093, 1, 4093, 1024, 1)
SHAPE(volume_251, 7, 251, 251, 251)

/* ---- what is right: some frequencies of the definition in double ---- */
static double sum_at(const bench *b, const mv_fft_desc *d, const size_t *k, double *im) {
    const float *p = (const float *)b->aux[0].data;
    const double tau = 6.283185307179586477;
    double re = 0;
    size_t x, y, z, r;
    int c;
    for (*im = 0, z = 0; z < d->dim[2]; z++)
        for (y = 0; y < d->dim[1]; y++) {
            double a = 0, wr = 0, wi = 0;
            const size_t at[3] = {0, y, z};
            if ((!(d->axes & 2) && y != k[1]) || (!(d->axes & 4) && z != k[2])) continue;
            for (c = 1; c < 3; c++)
                if (d->axes >> c & 1u) {
                    const size_t n = d->dim[c], h = d->flags & MEDVOL_FFT_CENTERED ? n / 2 : 0;
                    a -= tau * (double)((at[c] + n - h) % n * ((k[c] + n - h) % n) % n) / (double)n;
                }
            for (x = 0; x < d->dim[0]; x++) {
                const size_t n = d->dim[0], h = d->flags & MEDVOL_FFT_CENTERED ? n / 2 : 0;
                const int real = (d->flags & MEDVOL_FFT_REAL) != 0;
                double e, vr, vi;
                r = x + n * (y + d->dim[1] * z);
                e = a - tau * (double)((x + n - h) % n * ((k[0] + n - h) % n) % n) / (double)n;
                vr = real ? p[r] : p[2 * r], vi = real ? 0 : p[2 * r + 1];
                wr += vr * cos(e) - vi * sin(e), wi += vr * sin(e) + vi * cos(e);
            }
            re += wr, *im += wi;
        }
    return re;
}
static int is_right(const mv_fft_desc *d, const bench *b, const mv_volume *v) {
    const size_t n = mv_volume_count(v);
    const float *p = (const float *)v->data;
    double most = 0, s = 1;
    size_t i, k[3];
    int t;
    for (i = 0; i < 2 * n; i++) most += (double)p[i] * (double)p[i];
    most = sqrt(most / (double)n);
    if (d->flags & MEDVOL_FFT_UNITARY) s = 1 / sqrt((double)n);
    for (t = 0; t < 2; t++) {
        double re, im;
        i = (n / 3 + (size_t)t * n / 5) % n;
        k[0] = i % v->dim[0], k[1] = i / v->dim[0] % v->dim[1], k[2] = i / v->dim[0] / v->dim[1];
        re = s * sum_at(b, d, k, &im), im *= s;
        if (!(hypot(re - (double)p[2 * i], im - (double)p[2 * i + 1]) <= 2e-5 * most)) return 0;
    }
    return 1;
}
static int check(bench *b) { return !is_right(&((const mv_fft_plan *)b->own)->desc, b, &b->out); }
/* the way back: forward again gives what was begun with, times the number of voxels */
static int check_back(bench *b) {
    mv_fft_plan plan;
    mv_fft_desc d = ((const mv_fft_plan *)b->own)->desc;
    const size_t n = bench_bytes(&b->aux[0]) / sizeof(float), all = mv_volume_count(&b->out);
    const float *p = (const float *)b->aux[0].data;
    float *q = (float *)malloc(n * sizeof *q);
    double wrong = 0, sum = 0;
    size_t i, k, t, row = 2 * d.in_dim[0];
    int bad;
    d.flags = MEDVOL_FFT_REAL;
    for (k = 0; k < 3; k++) t = d.in_dim[k], d.in_dim[k] = d.out_dim[k], d.out_dim[k] = t;
    bad = !q || mv_fft_plan_init(b->ctx, &plan, &d) < 0;
    if (!bad) {
        bad = mv_fft_plan_execute(b->ctx, &plan, q, b->out.data) < 0;
        mv_fft_plan_free(b->ctx, &plan);
    }
    for (i = 0; !bad && i < n; i++) { /* the planes of k = 0 and n / 2 are made consistent on the way */
        if (i % row < 2 || i % row >= row - 2) continue;
        wrong += pow((double)q[i] / (double)all - (double)p[i], 2), sum += (double)p[i] * (double)p[i];
    }
    free(q);
    return bad || !(wrong <= 1e-11 * sum);
}

/* ---- plans ---- */
static mv_status plan_free(bench *b) {
    mv_fft_desc d = {0};
    mv_fft_plan plan;
    mv_status st;
    d.ndim = 3;
    d.dim[0] = d.dim[1] = d.dim[2] = b->side;
    st = mv_fft_plan_init(b->ctx, &plan, &d);
    b->numbers = 1;
    b->number[0] = (double)(st < 0 ? 0 : plan.desc.out_dim[2]);
    mv_fft_plan_free(b->ctx, &plan);
    return st;
}
static double want_side(const bench *b, size_t i) { return (void)i, (double)b->side; }
static mv_status good_size(bench *b) {
    b->numbers = 1;
    b->number[0] = (double)mv_fft_good_size(211, 0);
    return MEDVOL_OK;
}
static double want_216(const bench *b, size_t i) { return (void)b, (void)i, 216; }

/* ---- calls on volumes ---- */
static mv_status call_fft(bench *b) { return mv_fft(b->ctx, &b->out, &b->in, NULL); }
static mv_status call_rfft(bench *b) { return mv_rfft(b->ctx, &b->out, &b->in, NULL); }
static mv_status call_setup_irfft(bench *b) { return mv_rfft(b->ctx, &b->aux[0], &b->in, NULL); }
static mv_status call_irfft(bench *b) {
    mv_fft_opt o = {0};
    o.flags = MEDVOL_FFT_SCALED;
    o.shape[0] = b->side;
    return mv_irfft(b->ctx, &b->out, &b->aux[0], &o);
}
/* the sum of all voxels stands at frequency 0 */
static int check_sum(bench *b) {
    const float *p = (const float *)b->in.data;
    const size_t n = mv_volume_count(&b->in);
    double sum = 0, most = 0;
    size_t i;
    for (i = 0; i < n; i++) sum += (double)p[i], most += fabs((double)p[i]);
    return !(fabs(sum - (double)*(const float *)b->out.data) <= 1e-6 * most);
}
static int check_same(bench *b) {
    const float *p = (const float *)b->in.data, *q = (const float *)b->out.data;
    const size_t n = mv_volume_count(&b->in);
    double wrong = 0, sum = 0;
    size_t i;
    for (i = 0; i < n; i++) wrong += pow((double)p[i] - (double)q[i], 2), sum += (double)p[i] * (double)p[i];
    return !(wrong <= 1e-12 * sum);
}
static mv_status with_setup(bench *b) {
    mv_status st = setup(b, 3, 0, b->side, b->side, 1);
    size_t bytes;
    if (st < 0) return st;
    bytes = mv_fft_plan_scratch_size((const mv_fft_plan *)b->own);
    return mv_volume_alloc(b->ctx, &b->aux[1], MEDVOL_U8, 1, &bytes);
}
static mv_status with(bench *b) {
    const mv_fft_plan *plan = (const mv_fft_plan *)b->own;
    if (bench_bytes(&b->aux[1]) < mv_fft_plan_scratch_size(plan)) return MEDVOL_E_SPACE;
    return mv_fft_plan_execute_with(plan, b->out.data, b->aux[0].data, b->aux[1].data);
}

/* ---- convolutions; own: side of the kernel ---- */
static mv_status kernel_of(bench *b, size_t side, size_t depth) {
    const size_t dim[3] = {side, side, depth};
    size_t i;
    mv_status st = mv_volume_alloc(b->ctx, &b->aux[0], MEDVOL_F32, 3, dim);
    for (i = 0; st >= 0 && i < side * side * depth; i++)
        ((float *)b->aux[0].data)[i] = (float)(i * 7 % 11) / 11.0f - 0.3f;
    return st;
}
static mv_status kernel_5(bench *b) { return kernel_of(b, 5, 5); }
static mv_status kernel_31(bench *b) { return kernel_of(b, 31, 31); }
static mv_status convolve(bench *b) { return mv_convolve(b->ctx, &b->out, &b->in, &b->aux[0], NULL); }
static mv_status correlate(bench *b) { return mv_correlate(b->ctx, &b->out, &b->in, &b->aux[0], NULL); }
static int taps_wrong(const bench *b, int turned) { /* a voxel in the middle, by the definition */
    const size_t k = b->aux[0].dim[0], n = b->side, at = n / 2, h = (k - 1) / 2;
    const float *p = (const float *)b->in.data, *w = (const float *)b->aux[0].data;
    double sum = 0, most = 0;
    size_t x, y, z;
    if (n < 2 * k) return 0;
    for (z = 0; z < k; z++)
        for (y = 0; y < k; y++)
            for (x = 0; x < k; x++) {
                const size_t i = at + h - x + n * (at + h - y + n * (at + h - z));
                const size_t tap = x + k * (y + k * z);
                const double v = (double)p[i] * (double)w[turned ? k * k * k - 1 - tap : tap];
                sum += v, most += fabs(v);
            }
    return !(fabs(sum - (double)((const float *)b->out.data)[at + n * (at + n * at)]) <= 1e-5 * most);
}
static int check_convolve(bench *b) { return taps_wrong(b, 0); }
static int check_correlate(bench *b) { return taps_wrong(b, 1); }
static mv_status phase_setup(bench *b) { /* the same, two voxels on */
    const size_t n = b->side;
    const float *p = (const float *)b->in.data;
    float *q;
    size_t i;
    mv_status st = mv_volume_alloc(b->ctx, &b->aux[0], MEDVOL_F32, 3, b->in.dim);
    if (st < 0) return st;
    for (q = (float *)b->aux[0].data, i = 0; i < n * n * n; i++) q[i / n * n + (i % n + 2) % n] = p[i];
    return st;
}
static mv_status phase(bench *b) {
    mv_shift s;
    mv_status st = mv_phase_correlate(b->ctx, &s, &b->in, &b->aux[0], NULL);
    b->numbers = 1;
    b->number[0] = st < 0 ? 0 : s.voxel[0] + s.voxel[1] + s.voxel[2];
    return st;
}
static double want_2(const bench *b, size_t i) { return (void)b, (void)i, 2; }

/* of complex numbers, half of a real one */
static double work(const bench *b) {
    const mv_fft_desc *d = &((const mv_fft_plan *)b->own)->desc;
    const int back = (d->flags & MEDVOL_FFT_INVERSE) != 0;
    const size_t *dim = back ? d->out_dim : d->in_dim;
    double n = 1, all = 1;
    int k;
    for (k = 0; k < 3; k++) {
        all *= (double)dim[k];
        if (d->axes >> k & 1u) n *= (double)dim[k];
    }
    return bench_fft(d->flags & MEDVOL_FFT_REAL ? 0.5 * all : all, n);
}
static double work_volume(const bench *b) { /* of a real one */
    const double n = pow((double)b->side, 3);
    return bench_fft(0.5 * n, n);
}
static double work_phase(const bench *b) { return 3 * work_volume(b); } /* of both, and back */
#define FFT(name, how)                                                                                       \
    {name, MEDVOL_F32, execute, .check = check, .floor = "c", .work = work, .setup = how, .done = done}
#define SHAPED(name, how)                                                                                    \
    {name, MEDVOL_F32, execute, .check = check, .floor = "c", .work = work, .setup = how, .done = done,      \
        .most = 1}
const bench_row rows_fft[] = {
    FFT("fft 3-D", volume),
    FFT("fft 3-D, centred", centred),
    FFT("fft 2-D", planes),
    FFT("fft 1-D", rows),
    FFT("fft 1-D, prime", prime),
    FFT("fft 1-D, one line", line),
    FFT("fft 1-D, one long line", long_line),
    FFT("fft 3-D of reals", of_reals),
    {"fft 3-D to reals", MEDVOL_F32, execute, .check = check_back, .floor = "c", .work = work,
        .setup = to_reals, .done = done},
    {"fft plan", MEDVOL_F32, plan_free, want_side},
    {"fft in the caller's scratch, one plane", MEDVOL_F32, with, .check = check, .floor = "c", .work = work,
        .setup = with_setup, .done = done},
    {"fft of a volume", MEDVOL_F32, call_fft, .check = check_sum, .floor = "rw", .work = work_volume},
    {"rfft of a volume", MEDVOL_F32, call_rfft, .check = check_sum, .floor = "rw", .work = work_volume},
    {"irfft of a volume", MEDVOL_F32, call_irfft, .check = check_same, .floor = "aw", .work = work_volume,
        .setup = call_setup_irfft},
    {"convolve, 5 x 5 x 5", MEDVOL_F32, convolve, .check = check_convolve, .floor = "c", .fma = 125,
        .setup = kernel_5},
    {"convolve, 31 x 31 x 31", MEDVOL_F32, convolve, .check = check_convolve, .floor = "c",
        .setup = kernel_31},
    {"correlate, 5 x 5 x 5", MEDVOL_F32, correlate, .check = check_correlate, .floor = "c", .fma = 125,
        .setup = kernel_5},
    {"phase correlation", MEDVOL_F32, phase, want_2, .floor = "ra", .work = work_phase, .setup = phase_setup},
    {"fft good size", MEDVOL_F32, good_size, want_216, .most = 1},
    SHAPED("fft 4096, 4096 lines", lines_4096),
    SHAPED("fft 256 x 256, 32 planes", planes_256),
    SHAPED("fft 320 x 320, 32 planes", planes_320),
    SHAPED("fft 512 x 512, 32 planes", planes_512),
    SHAPED("fft 240 x 240 x 240", volume_240),
    SHAPED("fft 250 x 250 x 250", volume_250),
    SHAPED("fft 251, 16384 lines", lines_251),
    SHAPED("fft 257, 16384 lines", lines_257),
    SHAPED("fft 1009, 4096 lines", lines_1009),
    SHAPED("fft 4093, 1024 lines", lines_4093),
    SHAPED("fft 251 x 251 x 251", volume_251),
    {0},
};
#undef SHAPED
#undef FFT
