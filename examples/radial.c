/* radial - spokes of several coils to images: the delays of the gradients found and undone, the density of
   the samples, sensitivities from the centre of k-space; then gridding, CG-SENSE and compressed sensing
   (l1-wavelet) beside each other. Magnitudes as .nii.gz, a sheet of pictures with what is missed, a table of
   times.

   Build:  cc -O2 examples/radial.c -lm -lpthread -o radial
   Run:    ./radial                      64 golden spokes of a phantom whose gradients lag behind
           ./radial brain.nii.gz         of the middle plane of a volume, by a nonuniform transform
           ./radial traj.cfl data.cfl    BART: 3, samples, spokes (1, frames) and 1, samples, spokes, coils,
                                         frames
           ./radial --series 40          a phantom that moves, 34 spokes a frame, each frame by itself: of a
                                         file one frame at a time is in memory, so it may be larger
   Delays and sensitivities of a series are those of its first frames. */
#include "example.h"

static const char usage[] =
    "radial [VOLUME | TRAJ.cfl DATA.cfl] [--out PREFIX] [--series FRAMES] [--save-data PREFIX]\n"
    "       [--spokes N=64] [--samples N=2 SIZE] [--size N=256] [--coils N=8] [--noise PERCENT=1]\n"
    "       [--delay X,Y,XY] [--estimate ring|opposed|none] [--density angular|radial|voronoi|pipe]\n"
    "       [--maps espirit|lowres|walsh] [--calib N=24] [--iterations N=30] [--l2 WEIGHT=0.03]\n"
    "       [--l1 WEIGHT=0.0005] [--l1-iterations N=50] [--threads N] [--level N] [--quiet]\n"
    "--delay: of the gradients that spokes are made with, in samples [0.6,-0.4,0.2]; --estimate: how they\n"
    "are found (opposed: spokes are made at equal angles all around); --l1: of the adjoint's largest value\n"
    "--series writes PREFIX.nii.gz of all frames, by l1-wavelet; --save-data: PREFIX-traj.cfl, -data.cfl\n"
    "exit codes: 0 done, 2 usage, 3 cannot read, 4 malformed file, 5 cannot write, 6 memory, 7 impossible\n"
    "numbers, 9 unsupported, 130 cancelled\n";

enum { RING, OPPOSED, NONE };
enum { ANGULAR, RADIAL, VORONOI, PIPE };
enum { ESPIRIT, LOWRES, WALSH };
enum { PLAIN, GRIDDED, GRADIENTS, SPARSE, METHODS };
static const char *const method_name[METHODS] = {"uncorrected", "gridding", "CG-SENSE", "l1 wavelet"};
static const char *const file_name[METHODS] = {"uncorrected", "gridding", "cg", "l1"};
typedef struct radial {
    ex *e;
    const char *traj_path, *data_path, *head_path; /* NULL: made */
    size_t n, spokes, samples, coils, frames, calib;
    int estimate, density, maps_by, series, iterations, l1_iterations;
    double noise, l2, l1, lag[6], found[6];
    mv_volume head, sens;  /* a plane and maps that spokes are made of */
    mv_volume traj, data;  /* of one frame or of the first ones; traj as it was meant */
    mv_volume right;       /* as it is, as far as is known */
    mv_volume weights, maps;
    mv_volume truth;       /* magnitude, or empty */
    mv_volume image[METHODS];
    double error[METHODS], ms[METHODS + 4];
} radial;
static const size_t first_frames = 8; /* of a series, for delays and maps */

/* ---- what is measured: made here ---- */
/* Ellipses of a head: skull, brain, ventricles, lesions, bars of 1 to 3 voxels, and a disc that beats and
   brightens over time 0..1. */
static size_t bodies_at(mv_ellipse *to, double time) {
    static const double fixed[][6] = {/* value, axes, centre, angle */
        {0.8, 0.69, 0.92, 0, 0, 0}, {-0.35, 0.6624, 0.874, 0, -0.0184, 0},
        {-0.3, 0.11, 0.31, 0.22, 0.05, -18}, {-0.3, 0.13, 0.38, -0.22, 0.05, 18},
        {0.25, 0.17, 0.2, 0, 0.48, 0}, {0.3, 0.03, 0.03, 0.04, 0.12, 0},
        {0.3, 0.02, 0.02, -0.04, -0.1, 0}, {0.15, 0.09, 0.06, 0.33, -0.45, 30},
        {-0.15, 0.05, 0.05, 0.42, 0.42, 0}, {-0.1, 0.06, 0.06, -0.42, 0.42, 0}};
    size_t count = 0, i;
    int k;
    memset(to, 0, 64 * sizeof *to);
    for (i = 0; i < sizeof fixed / sizeof *fixed; i++, count++) {
        to[count].value = fixed[i][0];
        for (k = 0; k < 2; k++) to[count].axes[k] = fixed[i][1 + k], to[count].centre[k] = fixed[i][3 + k];
        to[count].angle[0] = fixed[i][5];
    }
    for (k = 0; k < 3; k++) /* three groups of five bars: 6, 4, 3 voxels of 256 from one to the next */
        for (i = 0; i < 5; i++, count++) {
            static const double apart[3] = {6.0 / 128, 4.0 / 128, 3.0 / 128};
            to[count].value = 0.4;
            to[count].axes[0] = 0.25 * apart[k], to[count].axes[1] = 0.07;
            to[count].centre[0] = -0.24 + 0.21 * k + apart[k] * ((double)i - 2.0), to[count].centre[1] = -0.7;
        }
    to[count].value = 0.05 + 0.3 * time;
    to[count].centre[0] = -0.27, to[count].centre[1] = -0.43;
    to[count].axes[0] = to[count].axes[1] = 0.11 + 0.035 * cos(6.283185307179586 * 3.0 * time);
    for (i = 0; i <= count; i++)
        for (k = 0; k < 3; k++)
            if (to[i].axes[k] <= 0.0) to[i].axes[k] = 1.0; /* z, of ellipses not read */
    return count + 1;
}
/* Noise of two normal deviates a sample, its deviation so many per cent of the root mean square of them. */
static void add_noise(radial *r, mv_volume *data, uint64_t seed) {
    float *p = (float *)data->data;
    const size_t n = mv_volume_count(data);
    double sum = 0.0, sd;
    size_t i;
    for (i = 0; i < 2 * n; i++) sum += (double)p[i] * (double)p[i];
    sd = 0.01 * r->noise * sqrt(sum / (double)n);
    for (i = 0; i < n && sd > 0.0; i++) { /* Box and Muller */
        const uint64_t h = ex_hash(seed * n + i);
        const double u = ((double)(h >> 32) + 0.5) / 4294967296.0, a = 6.283185307179586 *
            (double)(uint32_t)h / 4294967296.0, m = sd * sqrt(-2.0 * log(u));
        p[2 * i] += (float)(m * cos(a));
        p[2 * i + 1] += (float)(m * sin(a));
    }
}
/* The middle plane of the volume in a square of n, with a phase, and maps of unit length. */
static void read_head(radial *r) {
    ex *e = r->e;
    mv_volume v = {0}, plane = {0};
    mv_load_opt o = {0};
    mv_phantom_opt p = {0};
    const size_t shape[3] = {r->n, r->n, 1}, half = r->n / 2;
    size_t x, y, c;
    o.dtype = MEDVOL_F32;
    EX_OK(mv_load(&e->ctx, &v, r->head_path, &o));
    if (v.dim[0] > r->n || v.dim[1] > r->n)
        ex_quit(e, EX_USAGE, "%s: %zu x %zu voxels: --size must be as large", r->head_path, v.dim[0],
            v.dim[1]);
    EX_OK(mv_volume_alloc(&e->ctx, &plane, MEDVOL_C64, 3, shape));
    memset(plane.data, 0, mv_volume_count(&plane) * 8);
    for (y = 0; y < v.dim[1]; y++)
        for (x = 0; x < v.dim[0]; x++) {
            const size_t i = x + half - v.dim[0] / 2, j = y + half - v.dim[1] / 2;
            const double m = (double)((const float *)v.data)[x + v.dim[0] * (y + v.dim[1] * (v.dim[2] / 2))];
            const double phase = 1.2 * ((double)i - (double)j) / (double)r->n;
            float *to = (float *)plane.data + 2 * (i + r->n * j);
            if (!(fabs(m) < INFINITY))
                ex_quit(e, EX_MALFORMED, "%s: voxel %zu, %zu, %zu is %g", r->head_path, x, y, v.dim[2] / 2,
                    m);
            to[0] = (float)(m * cos(phase)), to[1] = (float)(m * sin(phase));
        }
    memcpy(plane.affine, v.affine, sizeof plane.affine); /* the images lie where the plane does */
    for (c = 0; c < 3; c++) {
        const double *a = v.affine + 4 * c;
        const size_t mid[3] = {v.dim[0] / 2, v.dim[1] / 2, v.dim[2] / 2};
        plane.affine[4 * c + 3] += a[0] * ((double)mid[0] - (double)half) +
            a[1] * ((double)mid[1] - (double)half) + a[2] * (double)mid[2];
    }
    mv_volume_free(&e->ctx, &v);
    p.coils = r->coils;
    EX_OK(mv_phantom_sens(&e->ctx, &r->sens, shape, &p));
    for (x = 0; x < r->n * r->n; x++) {
        float *s = (float *)r->sens.data + 2 * x;
        double sum = 0.0;
        for (c = 0; c < 2 * r->coils; c++)
            sum += pow((double)s[c / 2 * 2 * r->n * r->n + c % 2], 2.0);
        for (c = 0; c < 2 * r->coils; c++) s[c / 2 * 2 * r->n * r->n + c % 2] /= (float)sqrt(sum);
    }
    r->head = plane;
}
/* Magnitudes of a complex image into a new f32 volume. */
static void magnitude(radial *r, mv_volume *to, const mv_volume *image) {
    ex *e = r->e;
    const size_t dim[3] = {r->n, r->n, 1};
    const float *p = (const float *)image->data;
    size_t i;
    EX_OK(mv_volume_alloc(&e->ctx, to, MEDVOL_F32, 3, dim));
    if (r->head.data) memcpy(to->affine, r->head.affine, sizeof to->affine);
    for (i = 0; i < r->n * r->n; i++)
        ((float *)to->data)[i] = (float)hypot((double)p[2 * i], (double)p[2 * i + 1]);
}
/* The image that complete sampling without noise would give: of the volume itself; of the phantom the root
   sum of squares from all of its k-space. */
static void make_truth(radial *r) {
    ex *e = r->e;
    mv_volume k_space = {0}, images = {0};
    mv_ellipse bodies[64];
    mv_phantom_opt p = {0};
    mv_fft_opt f = {0};
    const size_t shape[3] = {r->n, r->n, 1};
    if (r->head_path) {
        magnitude(r, &r->truth, &r->head);
        return;
    }
    p.coils = r->coils, p.shapes = bodies, p.count = bodies_at(bodies, 0.0);
    f.axes = 3, f.flags = MEDVOL_FFT_CENTERED | MEDVOL_FFT_UNITARY | MEDVOL_FFT_INVERSE;
    EX_OK(mv_phantom_kspace(&e->ctx, &k_space, shape, &p));
    EX_OK(mv_fft(&e->ctx, &images, &k_space, &f));
    EX_OK(mv_coil_rss(&e->ctx, &r->truth, &images, NULL));
    mv_volume_free(&e->ctx, &k_space);
    mv_volume_free(&e->ctx, &images);
}
/* Frame f: where the spokes should be (traj) and what is measured where they are. */
static void make_frame(radial *r, mv_volume *traj, mv_volume *data, size_t f) {
    ex *e = r->e;
    mv_radial_opt o = {0};
    mv_volume late = {0};
    const size_t shape[3] = {r->n, r->n, 1};
    o.samples = r->samples, o.shots = r->spokes, o.first = f * r->spokes;
    o.size = (double)r->n; /* less what delays may move them by: they stay within the image's frequencies */
    o.size -= 2.0 * ceil((fabs(r->lag[0]) + fabs(r->lag[1]) + fabs(r->lag[3])) * o.size / (double)r->samples);
    o.order = MEDVOL_RADIAL_GOLDEN;
    if (r->estimate == OPPOSED) o.order = MEDVOL_RADIAL_LINEAR, o.range = 360.0;
    EX_OK(mv_traj_radial(&e->ctx, traj, &o));
    EX_OK(mv_traj_delay(&e->ctx, &late, traj, r->lag));
    if (r->head_path) {
        mv_nufft plan;
        mv_nufft_opt fine = {0};
        mv_volume images = {0};
        fine.tolerance = 1e-5;
        EX_OK(mv_nufft_init(&e->ctx, &plan, shape, &late, &fine));
        EX_OK(mv_coil_expand(&e->ctx, &images, &r->head, &r->sens, NULL));
        EX_OK(mv_nufft_forward(&e->ctx, &plan, data, &images));
        mv_volume_free(&e->ctx, &images);
        mv_nufft_free(&e->ctx, &plan);
    } else {
        mv_ellipse bodies[64];
        mv_phantom_opt p = {0};
        p.coils = r->coils, p.shapes = bodies;
        p.count = bodies_at(bodies, r->frames > 1 ? (double)f / (double)(r->frames - 1) : 0.0);
        EX_OK(mv_phantom_samples(&e->ctx, data, &late, shape, &p));
    }
    add_noise(r, data, f + 1);
    mv_volume_free(&e->ctx, &late);
}

/* ---- or read ---- */
static void open_files(radial *r) {
    ex *e = r->e;
    mv_volume t = {0}, d = {0};
    mv_load_opt o = {0};
    double most = 0.0;
    size_t i;
    EX_OK(mv_load_header(&e->ctx, &t, r->traj_path, NULL));
    EX_OK(mv_load_header(&e->ctx, &d, r->data_path, NULL));
    if (t.dim[0] != 3 || t.dim[3] != 1)
        ex_quit(e, EX_MALFORMED, "%s: not 3 x samples x spokes x 1 x frames", r->traj_path);
    if (d.dim[0] != 1 || d.dim[1] != t.dim[1] || d.dim[2] != t.dim[2])
        ex_quit(e, EX_MALFORMED, "%s: not 1 x %zu samples x %zu spokes x coils x frames", r->data_path,
            t.dim[1], t.dim[2]);
    r->samples = d.dim[1], r->spokes = d.dim[2], r->coils = d.dim[3];
    r->frames = d.dim[4] * d.dim[5] * d.dim[6];
    if (t.dim[4] * t.dim[5] * t.dim[6] != r->frames && t.dim[4] * t.dim[5] * t.dim[6] != 1)
        ex_quit(e, EX_MALFORMED, "%s: frames are not those of %s", r->traj_path, r->data_path);
    mv_volume_free(&e->ctx, &t);
    mv_volume_free(&e->ctx, &d);
    o.dtype = MEDVOL_C64;
    EX_OK(mv_load(&e->ctx, &t, r->traj_path, &o));
    for (i = 0; i < mv_volume_count(&t); i++) most = fmax(most, fabs((double)((float *)t.data)[2 * i]));
    if (!(most >= 2.0 && most < 1e5)) ex_quit(e, EX_MALFORMED, "%s: it reaches to %g", r->traj_path, most);
    if (!r->n) r->n = 2 * (size_t)ceil(most - 1e-3);
    mv_volume_free(&e->ctx, &t);
}
/* frames `first` on of a file, as an axis 4 */
static void load_part(radial *r, mv_volume *v, const char *path, size_t first, size_t count) {
    ex *e = r->e;
    mv_volume head = {0};
    mv_load_opt o = {0};
    size_t k;
    EX_OK(mv_load_header(&e->ctx, &head, path, NULL));
    o.dtype = MEDVOL_C64;
    if (head.ndim > 4 && mv_volume_count(&head) > head.dim[0] * head.dim[1] * head.dim[2] * head.dim[3]) {
        o.crop = head.ndim;
        for (k = 0; k < 7; k++) o.size[k] = (int64_t)head.dim[k];
        for (k = 4; k < 6 && head.dim[k] == 1; k++) {}
        o.start[k] = (int64_t)first, o.size[k] = (int64_t)count;
        mv_volume_free(&e->ctx, &head);
        EX_OK(mv_load(&e->ctx, v, path, &o));
        v->ndim = 5, v->dim[4] = count, v->stride[4] = v->stride[k];
        for (k = 5; k < 7; k++) v->dim[k] = 1;
    } else {
        mv_volume_free(&e->ctx, &head);
        EX_OK(mv_load(&e->ctx, v, path, &o));
    }
}
static void get_frame(radial *r, mv_volume *traj, mv_volume *data, size_t f) {
    if (r->traj_path) {
        load_part(r, traj, r->traj_path, f, 1);
        load_part(r, data, r->data_path, f, 1);
    } else make_frame(r, traj, data, f);
}

/* ---- delays, density, sensitivities ---- */
static void find_delays(radial *r, const mv_volume *traj, const mv_volume *data) {
    ex *e = r->e;
    if (r->estimate == RING) EX_OK(mv_delay_ring(&e->ctx, r->found, data, traj, NULL));
    else if (r->estimate == OPPOSED) EX_OK(mv_delay_opposed(&e->ctx, r->found, data, traj, NULL));
}
static void find_density(radial *r, mv_volume *weights, const mv_volume *traj) {
    ex *e = r->e;
    const size_t shape[3] = {r->n, r->n, 1};
    if (r->density == PIPE) EX_OK(mv_dcf_pipe(&e->ctx, weights, traj, shape, NULL));
    else if (r->density == VORONOI) EX_OK(mv_dcf_voronoi(&e->ctx, weights, traj, NULL));
    else if (r->density == RADIAL) EX_OK(mv_dcf_radial(&e->ctx, weights, traj));
    else EX_OK(mv_dcf_angular(&e->ctx, weights, traj));
}
static void cut(ex *e, mv_volume *v, size_t off) { /* `off` samples at either end of the spokes */
    size_t start[7] = {0}, size[7];
    mv_volume part, copy = {0};
    int k;
    for (k = 0; k < 7; k++) size[k] = v->dim[k];
    start[1] = off, size[1] -= 2 * off;
    EX_OK(mv_volume_view(&e->ctx, &part, v, start, size));
    EX_OK(mv_volume_copy(&e->ctx, &copy, &part));
    mv_volume_free(&e->ctx, v);
    *v = copy;
}
/* The spokes as they ran; those samples are left out that lie beyond the image's frequencies now. */
static void undo_delays(radial *r) {
    ex *e = r->e;
    const double most = 0.5 * (double)r->n;
    size_t off = 0, i;
    EX_OK(mv_traj_delay(&e->ctx, &r->right, &r->traj, r->found));
    for (i = 0; i < mv_volume_count(&r->right); i++) {
        const size_t m = i / 3 % r->right.dim[1], end = m < r->right.dim[1] / 2 ? m : r->right.dim[1] - 1 - m;
        if (fabs(((const double *)r->right.data)[i]) > most && end >= off) off = end + 1;
    }
    if (2 * off + 16 > r->right.dim[1])
        ex_quit(e, EX_USAGE, "--size %zu: the trajectory reaches further than that", r->n);
    if (!off) return;
    cut(e, &r->traj, off), cut(e, &r->right, off), cut(e, &r->data, off);
}
/* coil images by the adjoint, samples weighted by what area is theirs */
static void grid(radial *r, mv_volume *images, const mv_volume *traj, const mv_volume *weights,
    const mv_volume *data) {
    ex *e = r->e;
    const size_t shape[3] = {r->n, r->n, 1};
    mv_nufft plan;
    EX_OK(mv_nufft_init(&e->ctx, &plan, shape, traj, NULL));
    EX_OK(mv_nufft_adjoint(&e->ctx, &plan, images, data, weights));
    mv_nufft_free(&e->ctx, &plan);
}
/* maps from coil images, of which all but the centre of k-space may be streaks */
static void find_maps(radial *r, const mv_volume *images) {
    ex *e = r->e;
    mv_volume k_space = {0};
    mv_fft_opt f = {0};
    size_t k;
    if (r->maps_by == WALSH) {
        EX_OK(mv_coil_walsh(&e->ctx, &r->maps, images, NULL));
        return;
    }
    f.axes = 3, f.flags = MEDVOL_FFT_CENTERED | MEDVOL_FFT_UNITARY;
    EX_OK(mv_fft(&e->ctx, &k_space, images, &f));
    if (r->maps_by == ESPIRIT) {
        mv_espirit_opt o = {0};
        for (k = 0; k < 2; k++) o.calib[k] = r->calib;
        EX_OK(mv_espirit(&e->ctx, &r->maps, &k_space, &o));
    } else {
        mv_coil_lowres_opt o = {0};
        for (k = 0; k < 2; k++) o.calib[k] = r->calib;
        o.window = 1, o.threshold = 0.01;
        EX_OK(mv_coil_lowres(&e->ctx, &r->maps, &k_space, &o));
    }
    mv_volume_free(&e->ctx, &k_space);
}

/* ---- images ---- */
static void least_squares(radial *r, mv_volume *image, const mv_volume *traj, const mv_volume *data,
    int how) {
    ex *e = r->e;
    const size_t shape[3] = {r->n, r->n, 1};
    mv_encoding_desc d;
    mv_recon_opt o;
    mv_reg sparse;
    size_t k;
    memset(&d, 0, sizeof d);
    memset(&o, 0, sizeof o);
    memset(&sparse, 0, sizeof sparse);
    for (k = 0; k < 3; k++) d.shape[k] = shape[k];
    d.maps = &r->maps, d.traj = traj;
    o.solve.iterations = r->iterations, o.solve.lambda = r->l2;
    if (how == SPARSE) {
        sparse.kind = MEDVOL_REG_WAVELET, sparse.lambda = r->l1, sparse.seed = 1;
        o.solve.iterations = r->l1_iterations, o.solve.lambda = 0.0;
        o.solve.regs = &sparse, o.solve.reg_count = 1;
    }
    EX_OK(mv_recon(&e->ctx, image, data, &d, &o));
}
static void gridded(radial *r, mv_volume *image, const mv_volume *traj, const mv_volume *weights,
    const mv_volume *data) {
    ex *e = r->e;
    mv_volume images = {0};
    grid(r, &images, traj, weights, data);
    EX_OK(mv_coil_combine(&e->ctx, image, &images, &r->maps, NULL));
    mv_volume_free(&e->ctx, &images);
}
/* Root mean square of what a magnitude misses, of the truth's; the best factor between them first. */
static double missed(const radial *r, double *factor, const mv_volume *image) {
    const float *t = (const float *)r->truth.data, *p = (const float *)image->data;
    double tt = 0.0, pp = 0.0, tp = 0.0;
    size_t i;
    for (i = 0; i < r->n * r->n; i++) {
        tt += (double)t[i] * (double)t[i];
        pp += (double)p[i] * (double)p[i];
        tp += (double)t[i] * (double)p[i];
    }
    *factor = pp > 0.0 ? tp / pp : 0.0;
    return tt > 0.0 ? sqrt(fmax(tt - *factor * tp, 0.0) / tt) : 0.0;
}
static void reconstruct(radial *r) {
    ex *e = r->e;
    int how;
    for (how = 0; how < METHODS; how++) {
        mv_volume image = {0};
        const double start = ex_now();
        if (how == PLAIN) gridded(r, &image, &r->traj, &r->weights, &r->data);
        else if (how == GRIDDED) gridded(r, &image, &r->right, &r->weights, &r->data);
        else least_squares(r, &image, &r->right, &r->data, how);
        r->ms[how] = 1e3 * (ex_now() - start);
        magnitude(r, &r->image[how], &image);
        mv_volume_free(&e->ctx, &image);
    }
}

/* ---- the sheet: images, and what they miss, five times as bright ---- */
enum { GAP = 10, TITLE = 34, BAR = 96 };
static const ex_rgb paper = {{24, 26, 31}}, chalk = {{225, 228, 232}};
static ex_rgb grey(double v) {
    ex_rgb c;
    c.c[0] = c.c[1] = c.c[2] = (unsigned char)(255.0 * (v > 0.0 ? v < 1.0 ? v : 1.0 : 0.0) + 0.5);
    return c;
}
/* |factor image - other| / white as a field of the sheet, `times` dots a voxel; y upwards */
static void panel(const radial *r, mv_volume *sheet, long x0, long y0, long times, const mv_volume *image,
    double factor, const mv_volume *other, double white) {
    const long n = (long)r->n;
    long x, y;
    for (y = 0; y < n * times; y++)
        for (x = 0; x < n * times; x++) {
            const size_t i = (size_t)(x / times + n * (n - 1 - y / times));
            double v = factor * (double)((const float *)image->data)[i];
            if (other) v = fabs(v - (double)((const float *)other->data)[i]);
            ex_dot(sheet, x0 + x, y0 + y, other ? ex_heat(v / white) : grey(v / white));
        }
}
/* where the samples lie in k-space, every other one of every spoke */
static void samples_panel(const radial *r, mv_volume *sheet, long x0, long y0, long side) {
    const double *k = (const double *)r->right.data;
    const double scale = (double)side / (double)r->n;
    size_t i;
    ex_fill(sheet, x0, y0, side, side, grey(0.0));
    for (i = 0; i < mv_volume_count(&r->right) / 3; i += 2) {
        const long x = (long)((k[3 * i] + 0.5 * (double)r->n) * scale);
        const long y = (long)((0.5 * (double)r->n - k[3 * i + 1]) * scale);
        if (x >= 0 && x < side && y >= 0 && y < side) ex_dot(sheet, x0 + x, y0 + y, grey(0.8));
    }
}
static void scale_bar(mv_volume *sheet, long x, long y, long h, int errors) {
    static const char *const mark[2][3] = {{"1", "0.5", "0"}, {"0.2", "0.1", "0"}};
    long i;
    int k;
    for (i = 0; i < h; i++) {
        const double v = 1.0 - (double)i / (double)(h - 1);
        ex_fill(sheet, x, y + i, 14, 1, errors ? ex_heat(v) : grey(v));
    }
    for (k = 0; k < 3; k++) {
        const long at = y + k * (h - 2) / 2;
        ex_fill(sheet, x + 14, at, 6, 2, chalk);
        ex_write(sheet, x + 26, k == 0 ? at : k == 1 ? at - 6 : at - 13, mark[errors][k], chalk);
    }
}
static double white_of(radial *r, const mv_volume *v) {
    ex *e = r->e;
    static const double q = 99.8;
    double white = 0.0;
    EX_OK(mv_percentiles_array(
        &e->ctx, &white, v->data, MEDVOL_F32, mv_volume_count(v), 1.0, 0.0, &q, 1, NULL));
    return white > 0.0 ? white : 1.0;
}
static void save_sheet(radial *r, const char *path) {
    ex *e = r->e;
    const int known = r->truth.data != NULL, columns = METHODS + known;
    const long times = r->n < 200 ? (long)(256 / r->n) : 1, side = (long)r->n * times;
    size_t dim[2];
    mv_volume sheet = {0};
    double white, factor;
    int k;
    dim[0] = (size_t)(columns * (side + GAP) + GAP + BAR);
    dim[1] = (size_t)((side + TITLE) * (1 + known) + GAP);
    EX_OK(mv_volume_alloc(&e->ctx, &sheet, MEDVOL_RGB24, 2, dim));
    ex_fill(&sheet, 0, 0, (long)dim[0], (long)dim[1], paper);
    white = white_of(r, known ? &r->truth : &r->image[SPARSE]);
    for (k = 0; k < columns; k++) {
        const long x = GAP + k * (side + GAP);
        const int how = k - known;
        const mv_volume *image = how < 0 ? &r->truth : &r->image[how];
        char text[40];
        ex_write(&sheet, x, 10, how < 0 ? "complete" : method_name[how], chalk);
        factor = 1.0;
        if (how >= 0 && known) r->error[how] = missed(r, &factor, image);
        else if (how >= 0) factor = white / white_of(r, image);
        panel(r, &sheet, x, TITLE, times, image, factor, NULL, white);
        if (how < 0) {
            snprintf(text, sizeof text, "%zu spokes", r->spokes);
            ex_write(&sheet, x, TITLE + side + 10, text, chalk);
            samples_panel(r, &sheet, x, 2 * TITLE + side, side);
        }
        if (!known || how < 0) continue;
        panel(r, &sheet, x, 2 * TITLE + side, times, image, factor, &r->truth, 0.2 * white);
        snprintf(text, sizeof text, "error %.1f %%", 100.0 * r->error[how]);
        ex_write(&sheet, x, TITLE + side + 10, text, chalk);
    }
    for (k = 0; k <= known; k++)
        scale_bar(&sheet, (long)dim[0] - BAR + 6, TITLE + k * (side + TITLE), side, k);
    EX_SAVED(mv_save_png(&e->ctx, &sheet, path, NULL));
    mv_volume_free(&e->ctx, &sheet);
}

/* ---- one set of spokes ---- */
static double lap(double *from) { /* ms since */
    const double now = ex_now(), took = 1e3 * (now - *from);
    *from = now;
    return took;
}
static void prepare(radial *r) {
    ex *e = r->e;
    mv_volume images = {0};
    double start = ex_now();
    find_delays(r, &r->traj, &r->data);
    undo_delays(r);
    r->ms[METHODS] = lap(&start);
    find_density(r, &r->weights, &r->traj);
    r->ms[METHODS + 1] = lap(&start);
    grid(r, &images, &r->right, &r->weights, &r->data);
    if (images.ndim > 4 && images.dim[4] > 1) { /* the mean of the first frames */
        const size_t one = 2 * r->n * r->n * r->coils;
        float *p = (float *)images.data;
        size_t f, i;
        for (f = 1; f < images.dim[4]; f++)
            for (i = 0; i < one; i++) p[i] += p[i + one * f];
        images.dim[4] = 1, images.ndim = 4;
    }
    find_maps(r, &images);
    r->ms[METHODS + 2] = lap(&start);
    mv_volume_free(&e->ctx, &images);
}
static void tell(const radial *r, const char *prefix, double took) {
    static const char *const step[] = {"delays", "density", "gridding of coils, maps"};
    int k;
    ex_bar_clear();
    if (r->e->quiet) return;
    printf("%zu spokes of %zu samples, %zu coils, %zu x %zu voxels\n", r->spokes, r->samples, r->coils, r->n,
        r->n);
    if (r->estimate != NONE) {
        printf("delays found, in samples: x %+.3f, y %+.3f, xy %+.3f", r->found[0], r->found[1], r->found[3]);
        if (!r->traj_path) printf("; made with %+.3f, %+.3f, %+.3f", r->lag[0], r->lag[1], r->lag[3]);
        printf("\n");
    }
    printf("%-26s %9s %9s\n", "", "ms", r->truth.data ? "error, %" : "");
    for (k = 0; k < 3; k++) printf("%-26s %9.1f\n", step[k], r->ms[METHODS + k]);
    for (k = 0; k < METHODS; k++) {
        printf("%-26s %9.1f", method_name[k], r->ms[k]);
        if (r->truth.data) printf(" %9.1f", 100.0 * r->error[k]);
        printf("\n");
    }
    printf("%s.png and %s_gridding, _cg, _l1.nii.gz; %.2f s, %.0f MB at most\n", prefix, prefix, took,
        ex_peak_mb());
}
static void run_once(radial *r, const char *prefix) {
    ex *e = r->e;
    char path[1100];
    const double start = ex_now();
    int k;
    get_frame(r, &r->traj, &r->data, 0);
    if (!r->traj_path) make_truth(r);
    prepare(r);
    reconstruct(r);
    snprintf(path, sizeof path, "%s.png", prefix);
    save_sheet(r, path);
    for (k = GRIDDED; k < METHODS; k++) {
        snprintf(path, sizeof path, "%s_%s.nii.gz", prefix, file_name[k]);
        EX_SAVED(mv_save(&e->ctx, &r->image[k], path, NULL));
    }
    tell(r, prefix, ex_now() - start);
}
static void save_data(radial *r, const char *prefix) {
    ex *e = r->e;
    mv_volume all[2] = {{0}, {0}};
    char path[1100];
    size_t f;
    int k;
    for (f = 0; f < r->frames; f++) {
        mv_volume one[2] = {{0}, {0}};
        make_frame(r, &one[0], &one[1], f);
        for (k = 0; k < 2; k++) {
            const size_t count = mv_volume_count(&one[k]);
            size_t dim[5] = {1, 1, 1, 1, 1}, i;
            int d;
            for (d = 0; d < 4; d++) dim[d] = one[k].dim[d];
            dim[4] = r->frames;
            if (!f) EX_OK(mv_volume_alloc(&e->ctx, &all[k], MEDVOL_C64, 5, dim));
            for (i = 0; i < 2 * count; i++)
                ((float *)all[k].data)[2 * count * f + i] = k ? ((float *)one[k].data)[i]
                    : i % 2 ? 0.0f : (float)((double *)one[k].data)[i / 2];
            mv_volume_free(&e->ctx, &one[k]);
        }
    }
    for (k = 0; k < 2; k++) {
        snprintf(path, sizeof path, "%s-%s.cfl", prefix, k ? "data" : "traj");
        EX_SAVED(mv_save(&e->ctx, &all[k], path, NULL));
        mv_volume_free(&e->ctx, &all[k]);
    }
}

/* ---- a series: frame by frame ---- */
/* The first frames, of which delays and maps are made, one behind the other. */
static void get_first(radial *r, size_t count) {
    ex *e = r->e;
    size_t f;
    if (r->traj_path) {
        load_part(r, &r->traj, r->traj_path, 0, count);
        load_part(r, &r->data, r->data_path, 0, count);
        return;
    }
    for (f = 0; f < count; f++) {
        mv_volume traj = {0}, data = {0};
        make_frame(r, &traj, &data, f);
        if (!f) {
            const size_t dt[5] = {3, r->samples, r->spokes, 1, count},
                         dd[5] = {1, r->samples, r->spokes, r->coils, count};
            EX_OK(mv_volume_alloc(&e->ctx, &r->traj, MEDVOL_F64, 5, dt));
            EX_OK(mv_volume_alloc(&e->ctx, &r->data, MEDVOL_C64, 5, dd));
        }
        memcpy((double *)r->traj.data + f * mv_volume_count(&traj), traj.data, mv_volume_count(&traj) * 8);
        memcpy((float *)r->data.data + 2 * f * mv_volume_count(&data), data.data, mv_volume_count(&data) * 8);
        mv_volume_free(&e->ctx, &traj);
        mv_volume_free(&e->ctx, &data);
    }
}
/* `show` of the frames beside each other, at least two */
static void save_strip(radial *r, const mv_volume *all, size_t show, const char *path) {
    ex *e = r->e;
    const long times = r->n < 200 ? (long)(256 / r->n) : 1, side = (long)r->n * times;
    const size_t dim[2] = {(size_t)((long)show * (side + GAP) + GAP), (size_t)(side + TITLE + GAP)};
    const double white = white_of(r, all);
    mv_volume sheet = {0};
    size_t k;
    EX_OK(mv_volume_alloc(&e->ctx, &sheet, MEDVOL_RGB24, 2, dim));
    ex_fill(&sheet, 0, 0, (long)dim[0], (long)dim[1], paper);
    for (k = 0; k < show; k++) {
        const size_t f = k * (r->frames - 1) / (show - 1);
        const long x = GAP + (long)k * (side + GAP);
        size_t start[7] = {0}, size[7];
        mv_volume one;
        char text[40];
        int d;
        for (d = 0; d < 7; d++) size[d] = d < 3 ? all->dim[d] : 1;
        start[3] = f;
        EX_OK(mv_volume_view(&e->ctx, &one, all, start, size));
        snprintf(text, sizeof text, "frame %zu", f);
        ex_write(&sheet, x, 10, text, chalk);
        panel(r, &sheet, x, TITLE, times, &one, 1.0, NULL, white);
    }
    EX_SAVED(mv_save_png(&e->ctx, &sheet, path, NULL));
    mv_volume_free(&e->ctx, &sheet);
}
static void run_series(radial *r, const char *prefix) {
    ex *e = r->e;
    const double start = ex_now();
    const size_t first = r->frames < first_frames ? r->frames : first_frames, n = r->n * r->n;
    size_t dim[4], f;
    mv_volume all = {0};
    char path[1100];
    get_first(r, first);
    prepare(r);
    mv_volume_free(&e->ctx, &r->traj);
    mv_volume_free(&e->ctx, &r->right);
    mv_volume_free(&e->ctx, &r->data);
    dim[0] = dim[1] = r->n, dim[2] = 1, dim[3] = r->frames;
    EX_OK(mv_volume_alloc(&e->ctx, &all, MEDVOL_F32, 4, dim));
    for (f = 0; f < r->frames; f++) {
        mv_volume image = {0}, m = {0};
        get_frame(r, &r->traj, &r->data, f);
        undo_delays(r);
        least_squares(r, &image, &r->right, &r->data, SPARSE);
        magnitude(r, &m, &image);
        memcpy((float *)all.data + n * f, m.data, n * sizeof(float));
        mv_volume_free(&e->ctx, &m);
        mv_volume_free(&e->ctx, &image);
        mv_volume_free(&e->ctx, &r->traj);
        mv_volume_free(&e->ctx, &r->right);
        mv_volume_free(&e->ctx, &r->data);
        if (!e->quiet && !ex_bar.on) fflush(stdout);
    }
    snprintf(path, sizeof path, "%s.nii.gz", prefix);
    EX_SAVED(mv_save(&e->ctx, &all, path, NULL));
    snprintf(path, sizeof path, "%s.png", prefix);
    save_strip(r, &all, r->frames < 6 ? r->frames : 6, path);
    mv_volume_free(&e->ctx, &all);
    ex_bar_clear();
    if (e->quiet) return;
    printf("%zu frames of %zu spokes of %zu samples, %zu coils, %zu x %zu voxels\n", r->frames, r->spokes,
        r->samples, r->coils, r->n, r->n);
    if (r->estimate != NONE)
        printf("delays found, in samples: x %+.3f, y %+.3f, xy %+.3f\n", r->found[0], r->found[1],
            r->found[3]);
    printf("%s.nii.gz, %s.png; %.2f s, %.0f MB at most\n", prefix, prefix, ex_now() - start, ex_peak_mb());
}

/* ---- the command ---- */
static void three_of(ex *e, const char *option, double *xx, double *yy, double *xy) {
    const char *s = ex_text(e, option);
    double v[3] = {0.0, 0.0, 0.0};
    char *end;
    int k;
    if (!s) return;
    for (k = 0; k < 3; k++, s = end + 1) {
        v[k] = strtod(s, &end);
        if (end == s || !(fabs(v[k]) <= 5.0) || (*end && (*end != ',' || k == 2)))
            ex_quit(e, EX_USAGE, "%s: must be one to three numbers -5..5, as 0.6,-0.4,0.2", option);
        if (!*end) break;
    }
    *xx = v[0], *yy = v[1], *xy = v[2];
}
static void read_options(radial *r) {
    static const char *const estimates[] = {"ring", "opposed", "none"};
    static const char *const densities[] = {"angular", "radial", "voronoi", "pipe"};
    static const char *const makers[] = {"espirit", "lowres", "walsh"};
    ex *e = r->e;
    r->frames = (size_t)ex_whole(e, "--series", 1, 1, 100000);
    r->series = r->frames > 1;
    r->estimate = ex_choice(e, "--estimate", estimates, 3);
    r->density = ex_choice(e, "--density", densities, 4);
    r->maps_by = ex_choice(e, "--maps", makers, 3);
    r->n = (size_t)ex_whole(e, "--size", 0, 16, 1024);
    if (r->n % 2) ex_quit(e, EX_USAGE, "--size = %zu; must be even", r->n);
    r->spokes = (size_t)ex_whole(e, "--spokes", r->series ? 34 : 64, 4, 100000);
    r->samples = (size_t)ex_whole(e, "--samples", 0, 16, 4096);
    r->coils = (size_t)ex_whole(e, "--coils", 8, 2, 64);
    r->calib = (size_t)ex_whole(e, "--calib", 24, 8, 64);
    r->noise = ex_number(e, "--noise", 1, 0, 1000);
    r->iterations = (int)ex_whole(e, "--iterations", 30, 1, 10000);
    r->l1_iterations = (int)ex_whole(e, "--l1-iterations", 50, 1, 10000);
    r->l2 = ex_number(e, "--l2", 0.03, 0, 1e6);
    r->l1 = ex_number(e, "--l1", 0.0005, 0, 1e6);
    r->lag[0] = 0.6, r->lag[1] = -0.4, r->lag[3] = 0.2;
    three_of(e, "--delay", &r->lag[0], &r->lag[1], &r->lag[3]);
}
int main(int argc, char **argv) {
    static ex state;
    static radial r;
    ex *e = &state;
    const char *prefix, *samples, *path;
    int k;
    ex_init(e, argc, argv, "radial", usage);
    r.e = e;
    read_options(&r);
    samples = ex_prefix(e, "--save-data");
    prefix = ex_prefix(e, "--out");
    path = ex_word(e);
    r.data_path = path ? ex_word(e) : NULL;
    *(r.data_path ? &r.traj_path : &r.head_path) = path;
    ex_no_more(e);
    if (r.head_path && r.series) ex_quit(e, EX_USAGE, "--series: of a phantom or of two files");
    if (samples && r.traj_path) ex_quit(e, EX_USAGE, "--save-data: %s is data already", r.data_path);
    if (r.traj_path) open_files(&r);
    if (!r.n) r.n = 256;
    if (!r.samples) r.samples = 2 * r.n;
    if (r.calib > r.n) ex_quit(e, EX_USAGE, "--calib = %zu: the image has %zu voxels", r.calib, r.n);
    if (r.head_path) read_head(&r);
    if (!prefix) prefix = r.frames > 1 ? "radial_series" : "radial";
    if (samples) save_data(&r, samples);
    if (r.frames > 1) run_series(&r, prefix);
    else run_once(&r, prefix);
    for (k = 0; k < METHODS; k++) mv_volume_free(&e->ctx, &r.image[k]);
    mv_volume_free(&e->ctx, &r.head);
    mv_volume_free(&e->ctx, &r.sens);
    mv_volume_free(&e->ctx, &r.traj);
    mv_volume_free(&e->ctx, &r.right);
    mv_volume_free(&e->ctx, &r.data);
    mv_volume_free(&e->ctx, &r.weights);
    mv_volume_free(&e->ctx, &r.maps);
    mv_volume_free(&e->ctx, &r.truth);
    ex_free(e);
    return 0;
}
