/* recon - raw k-space of several coils to images: sensitivities, then unfolding, conjugate gradients or
   GRAPPA; magnitudes as .nii.gz, and a picture: what the samples alone give, beside the reconstruction.

   Build:  cc -O2 examples/recon.c -lm -lpthread -o recon
   Run:    ./recon brain.cfl      BART: x, y, z, coil, then frames; writes brain_recon.nii.gz and .png
           ./recon kspace.npy     NumPy, Fortran order, axes as above; three axes are x, y, coil
           ./recon scan.mrd       a stream of acquisitions, as ismrmrd_hdf5_to_stream writes it
           ./recon                without a file: a phantom, one sample of four
   A series of .cfl or .npy is read frame by frame, so it may be larger than memory; sensitivities and weights
   are those of the first frame. */
#include "example.h"

static const char usage[] =
    "recon [FILE] [--method cg|sense|grappa|rss] [--maps espirit|walsh|inati|lowres] [--out PREFIX]\n"
    "      [--accel Y[,Z]] [--shift N] [--lambda L=0.01] [--iterations N=50] [--calib N=24] [--unring]\n"
    "      [--save-kspace FILE.cfl] [--threads N] [--level N] [--quiet]\n"
    "sense needs --accel; grappa finds its lattice. --unring: without Gibbs ringing\n"
    "--save-kspace: a phantom's or a stream's samples, too\n"
    "exit codes: 0 done, 2 usage, 3 cannot read, 4 malformed file, 5 cannot write, 6 memory, 7 impossible\n"
    "numbers, 9 unsupported, 130 cancelled\n";

enum { CG, SENSE, GRAPPA, RSS };
typedef struct recon {
    ex *e;
    const char *path; /* NULL: a phantom */
    int method, unring;
    const char *maps_by;
    size_t dim[7], frames; /* x, y, z, coil, ... */
    int coil_axis, axes;   /* in the file */
    mv_volume all;         /* k-space that is in memory as a whole, or empty */
    mv_volume maps, mask;
    mv_grappa weights;
    mv_sense_opt unfold;
    mv_cg_sense_opt gradients;
    size_t calib;
} recon;

/* ---- k-space ---- */
static void keep_shape(recon *r, const mv_volume *v) {
    int k;
    r->axes = v->ndim;
    r->coil_axis = v->ndim == 3 && v->dim[2] > 1 && r->path && ex_ends(r->path, ".npy") ? 2 : 3;
    for (k = 0; k < 7; k++) r->dim[k] = v->dim[k];
    if (r->coil_axis == 2) r->dim[3] = v->dim[2], r->dim[2] = 1;
    r->frames = r->dim[4] * r->dim[5] * r->dim[6];
}
/* The number in the innermost of the elements `path`, one within the other, of the stream's XML; -1: none. */
static long number_in(const char *xml, const char *const *path) {
    char tag[64];
    for (; xml && *path; path++) {
        snprintf(tag, sizeof tag, "<%s>", *path);
        if ((xml = strstr(xml, tag)) != NULL) xml += strlen(tag);
    }
    return xml ? strtol(xml, NULL, 10) : -1;
}
/* Where things are in k-space, from the XML: its extents, and the line that is the centre. */
static void read_extents(const char *xml, size_t *dim, long *centre) {
    static const char *const matrix[3][4] = {{"encodedSpace", "matrixSize", "x", NULL},
        {"encodedSpace", "matrixSize", "y", NULL}, {"encodedSpace", "matrixSize", "z", NULL}};
    static const char *const limits[2][4] = {{"encodingLimits", "kspace_encoding_step_1", "center", NULL},
        {"encodingLimits", "kspace_encoding_step_2", "center", NULL}};
    long n;
    int k;
    for (k = 0; k < 3; k++)
        if ((n = number_in(xml, matrix[k])) > 0) dim[k] = (size_t)n;
    for (k = 0; k < 2; k++)
        if ((n = number_in(xml, limits[k])) >= 0) centre[k] = n;
}
/* Whether it is a line of the image: not noise, navigators, phase correction, feedback, dummies; and one that
   is understood. */
static int is_line(recon *r, const mv_mrd_acquisition *a) {
    static const int others[] = {19, 23, 24, 26, 27, 28, 29};
    size_t k;
    for (k = 0; k < sizeof others / sizeof *others; k++)
        if (a->flags >> (others[k] - 1) & 1) return 0;
    if (a->idx.contrast || a->idx.phase || a->idx.set || a->encoding_space_ref || a->trajectory_dimensions)
        ex_quit(r->e, EX_UNSUPPORTED, "%s: contrasts, phases, sets, or not on a grid", r->path);
    return 1;
}
/* a readout into the lines of all coils, the centre of both in the same place; averages are added */
static void put_line(recon *r, const mv_mrd_message *m, const long *centre) {
    const mv_mrd_acquisition *a = &m->acquisition;
    const size_t *dim = r->all.dim;
    const long y = (long)a->idx.kspace_encode_step_1 + (long)(dim[1] / 2) - centre[0];
    const long z = (long)a->idx.kspace_encode_step_2 + (long)(dim[2] / 2) - centre[1];
    const long n = a->number_of_samples, shift = (long)(dim[0] / 2) - a->center_sample;
    long i;
    size_t c;
    if (y < 0 || z < 0 || (size_t)y >= dim[1] || (size_t)z >= dim[2]) return; /* beyond the encoded matrix */
    for (c = 0; c < dim[3]; c++) {
        const size_t frame = a->idx.slice + dim[4] * a->idx.repetition;
        const size_t line = (size_t)y + dim[1] * ((size_t)z + dim[2] * (c + dim[3] * frame));
        const float *from = m->samples + 2 * (size_t)n * c;
        float *to = (float *)r->all.data + 2 * dim[0] * line;
        for (i = a->discard_pre; i < n - (long)a->discard_post; i++) {
            const long x = (a->flags >> 21 & 1 ? 2L * a->center_sample - i : i) + shift; /* 22: backwards */
            if (x < 0 || (size_t)x >= dim[0]) continue;
            to[2 * x] += from[2 * i];
            to[2 * x + 1] += from[2 * i + 1];
        }
    }
}
/* Readouts placed by their counters; repetitions and slices are frames. */
static void read_stream(recon *r) {
    ex *e = r->e;
    size_t dim[6] = {0, 0, 0, 0, 1, 1}, most[3] = {0, 0, 0};
    long centre[2] = {-1, -1};
    int pass, k;
    for (pass = 0; pass < 2; pass++) { /* extents, then samples */
        mv_mrd_stream *stream;
        mv_mrd_message m;
        EX_OK(mv_mrd_open(&e->ctx, &stream, r->path));
        for (;;) {
            const mv_mrd_acquisition *a = &m.acquisition;
            EX_OK(mv_mrd_next(&e->ctx, stream, &m));
            if (m.id == MEDVOL_MRD_CLOSE || m.id == MEDVOL_MRD_END) break;
            if (m.id == MEDVOL_MRD_HEADER && pass == 0) read_extents(m.text, dim, centre);
            if (m.id != MEDVOL_MRD_ACQUISITION || !is_line(r, a)) continue;
            if (pass) {
                if (a->active_channels != dim[3])
                    ex_quit(e, EX_UNSUPPORTED, "%s: readouts of %zu and %u coils", r->path, dim[3],
                        (unsigned)a->active_channels);
                put_line(r, &m, centre);
                continue;
            }
            if (!dim[3]) dim[3] = a->active_channels;
            if (a->number_of_samples > most[0]) most[0] = a->number_of_samples;
            if (a->idx.kspace_encode_step_1 >= most[1]) most[1] = a->idx.kspace_encode_step_1 + (size_t)1;
            if (a->idx.kspace_encode_step_2 >= most[2]) most[2] = a->idx.kspace_encode_step_2 + (size_t)1;
            if (a->idx.slice >= dim[4]) dim[4] = a->idx.slice + (size_t)1;
            if (a->idx.repetition >= dim[5]) dim[5] = a->idx.repetition + (size_t)1;
        }
        mv_mrd_close(&e->ctx, stream);
        if (pass) break;
        if (!most[0] || !dim[3]) ex_quit(e, EX_MALFORMED, "%s: no acquisition in it", r->path);
        for (k = 0; k < 3; k++)
            if (!dim[k]) dim[k] = most[k];
        for (k = 0; k < 2; k++)
            if (centre[k] < 0) centre[k] = (long)(dim[k + 1] / 2);
        EX_OK(mv_volume_alloc(&e->ctx, &r->all, MEDVOL_C64, 6, dim));
        memset(r->all.data, 0, mv_volume_count(&r->all) * 8);
    }
    keep_shape(r, &r->all);
    r->coil_axis = 3;
}
/* A head of ellipses seen by eight coils, without noise; samples as the method wants them. */
static void make_phantom(recon *r) {
    ex *e = r->e;
    const size_t n = 256, shape[3] = {256, 256, 1}, plane[3] = {1, 256, 256}, coils = 8;
    mv_phantom_opt phantom = {0};
    mv_volume mask = {0};
    size_t i, c;
    phantom.coils = coils;
    EX_OK(mv_phantom_kspace(&e->ctx, &r->all, shape, &phantom));
    if (r->method == CG || r->method == RSS) { /* points of x and y, as y and z of a volume */
        mv_mask_poisson_opt poisson = {0};
        poisson.accel = 4.0, poisson.ellipse = 1;
        poisson.calib[0] = poisson.calib[1] = 24;
        EX_OK(mv_mask_poisson(&e->ctx, &mask, plane, &poisson));
    } else {
        mv_mask_uniform_opt lines = {0};
        size_t one[3] = {1, 256, 1}, x, y;
        mv_volume few = {0};
        lines.accel[0] = r->unfold.accel[0] > 1 ? r->unfold.accel[0] : 2;
        lines.calib[0] = 24;
        r->unfold.accel[0] = lines.accel[0];
        EX_OK(mv_mask_uniform(&e->ctx, &few, one, &lines));
        EX_OK(mv_volume_alloc(&e->ctx, &mask, MEDVOL_F32, 3, shape));
        for (y = 0; y < n; y++)
            for (x = 0; x < n; x++) ((float *)mask.data)[x + n * y] = ((float *)few.data)[y];
        mv_volume_free(&e->ctx, &few);
    }
    for (c = 0; c < coils; c++)
        for (i = 0; i < n * n; i++)
            if (((float *)mask.data)[i] == 0.0f) memset((float *)r->all.data + 2 * (i + n * n * c), 0, 8);
    mv_volume_free(&e->ctx, &mask);
    keep_shape(r, &r->all);
}
static void open_input(recon *r) {
    ex *e = r->e;
    mv_volume head = {0};
    if (!r->path) make_phantom(r);
    else if (ex_ends(r->path, ".mrd") || ex_ends(r->path, ".stream")) read_stream(r);
    else {
        EX_OK(mv_load_header(&e->ctx, &head, r->path, NULL));
        keep_shape(r, &head);
        mv_volume_free(&e->ctx, &head);
    }
    if (r->dim[3] < 2 && r->method != RSS)
        ex_quit(e, EX_USAGE, "%s has one coil: only --method rss makes sense", r->path ? r->path : "phantom");
    if (r->path && r->method == SENSE && r->unfold.accel[0] < 2 && r->unfold.accel[1] < 2)
        ex_quit(e, EX_USAGE, "--method sense: --accel is missing");
}
/* Frame f as x, y, z, coil: read from the file, or a view of what is in memory. */
static void get_frame(recon *r, mv_volume *v, size_t f) {
    ex *e = r->e;
    size_t k, index[3], start[7] = {0}, size[7];
    for (k = 0; k < 3; k++) index[k] = f % r->dim[4 + k], f /= r->dim[4 + k];
    if (r->all.data) {
        for (k = 0; k < 7; k++) size[k] = k < 4 ? r->all.dim[k] : 1;
        for (k = 4; k < 7; k++) start[k] = index[k - 4];
        EX_OK(mv_volume_view(&e->ctx, v, &r->all, start, size));
        v->ndim = 4;
        return;
    } else {
        mv_load_opt o = {0};
        o.dtype = MEDVOL_C64;
        o.crop = r->axes;
        for (k = 0; k < 7; k++) o.size[k] = k < 4 ? (int64_t)r->dim[k] : 1;
        if (r->coil_axis == 2) o.size[2] = (int64_t)r->dim[3];
        for (k = 4; k < 7; k++) o.start[k] = (int64_t)index[k - 4];
        EX_OK(mv_load(&e->ctx, v, r->path, &o));
    }
    if (r->coil_axis == 2) { /* the coil becomes axis 3 */
        v->ndim = 4;
        v->dim[3] = v->dim[2], v->stride[3] = v->stride[2];
        v->dim[2] = 1;
    } else v->ndim = 4;
}

/* ---- reconstruction ---- */
static void images_of(recon *r, mv_volume *images, const mv_volume *k_space) {
    ex *e = r->e;
    mv_fft_opt o = {0};
    o.axes = 7;
    o.flags = MEDVOL_FFT_CENTERED | MEDVOL_FFT_UNITARY | MEDVOL_FFT_INVERSE;
    EX_OK(mv_fft(&e->ctx, images, k_space, &o));
}
/* Whether lines y0..y1 - 1 of z0..z1 - 1 are all sampled. */
static int sampled(const recon *r, size_t y0, size_t y1, size_t z0, size_t z1) {
    size_t y, z;
    for (z = z0; z < z1; z++)
        for (y = y0; y < y1; y++)
            if (((const float *)r->mask.data)[y + r->dim[1] * z] == 0.0f) return 0;
    return y1 > y0 && z1 > z0;
}
/* The block of sampled lines about the centre, grown a line at a time: the calibration region. */
static void sampled_block(const recon *r, size_t *start, size_t *size) {
    size_t y0 = r->dim[1] / 2, z0 = r->dim[2] / 2, y1 = y0 + 1, z1 = z0 + 1, grown = 1;
    while (grown) {
        grown = 0;
        if (y0 > 0 && sampled(r, y0 - 1, y0, z0, z1)) y0--, grown = 1;
        if (y1 < r->dim[1] && sampled(r, y1, y1 + 1, z0, z1)) y1++, grown = 1;
        if (z0 > 0 && sampled(r, y0, y1, z0 - 1, z0)) z0--, grown = 1;
        if (z1 < r->dim[2] && sampled(r, y0, y1, z1, z1 + 1)) z1++, grown = 1;
    }
    start[1] = y0, size[1] = y1 - y0;
    start[2] = z0, size[2] = z1 - z0;
}
/* What is made once: sensitivities, or the weights of missing lines. */
static void prepare(recon *r, const mv_volume *k_space) {
    ex *e = r->e;
    size_t k, x, line, lines = r->dim[1] * r->dim[2];
    if (r->method == RSS) return;
    if (r->method == GRAPPA) {
        const size_t dim[3] = {1, r->dim[1], r->dim[2]};
        const float *samples = (const float *)k_space->data;
        size_t start[4] = {0}, size[4];
        mv_volume calib;
        EX_OK(mv_volume_alloc(&e->ctx, &r->mask, MEDVOL_F32, 3, dim));
        for (line = 0; line < lines; line++) { /* sampled: some coil has something there */
            float *any = (float *)r->mask.data + line;
            for (*any = 0.0f, k = 0; *any == 0.0f && k < r->dim[3]; k++)
                for (x = 0; x < 2 * r->dim[0]; x++)
                    if (samples[x + 2 * r->dim[0] * (line + lines * k)] != 0.0f) *any = 1.0f;
        }
        for (k = 0; k < 4; k++) size[k] = r->dim[k];
        sampled_block(r, start, size);
        EX_OK(mv_volume_view(&e->ctx, &calib, k_space, start, size));
        EX_OK(mv_grappa_init(&e->ctx, &r->weights, &calib, &r->mask, NULL));
        return;
    }
    if (!strcmp(r->maps_by, "espirit")) {
        mv_espirit_opt o = {0};
        for (k = 0; k < 3; k++) {
            o.calib[k] = r->dim[k] < r->calib ? r->dim[k] : r->calib;
            o.kernel[k] = o.calib[k] < 6 ? o.calib[k] : 6;
        }
        EX_OK(mv_espirit(&e->ctx, &r->maps, k_space, &o));
    } else if (!strcmp(r->maps_by, "lowres")) {
        mv_coil_lowres_opt o = {0};
        for (k = 0; k < 3; k++) o.calib[k] = r->dim[k] < r->calib ? r->dim[k] : r->calib;
        o.window = 1;
        EX_OK(mv_coil_lowres(&e->ctx, &r->maps, k_space, &o));
    } else {
        mv_volume images = {0};
        images_of(r, &images, k_space);
        if (!strcmp(r->maps_by, "inati")) EX_OK(mv_coil_inati(&e->ctx, &r->maps, &images, NULL));
        else EX_OK(mv_coil_walsh(&e->ctx, &r->maps, &images, NULL));
        mv_volume_free(&e->ctx, &images);
    }
}
static void magnitude(recon *r, float *to, const mv_volume *image) {
    const size_t n = r->dim[0] * r->dim[1] * r->dim[2];
    size_t i;
    if (image->dtype == MEDVOL_F32) memcpy(to, image->data, n * sizeof *to);
    else
        for (i = 0; i < n; i++)
            to[i] = (float)hypot((double)((float *)image->data)[2 * i],
                                 (double)((float *)image->data)[2 * i + 1]);
}
static void root_sum(recon *r, mv_volume *image, const mv_volume *k_space) {
    ex *e = r->e;
    mv_volume images = {0};
    images_of(r, &images, k_space);
    EX_OK(mv_coil_rss(&e->ctx, image, &images, NULL));
    mv_volume_free(&e->ctx, &images);
}
static void reconstruct(recon *r, mv_volume *image, const mv_volume *k_space) {
    ex *e = r->e;
    mv_volume full = {0};
    if (r->method == CG) EX_OK(mv_cg_sense(&e->ctx, image, k_space, &r->maps, &r->gradients));
    else if (r->method == SENSE) EX_OK(mv_sense(&e->ctx, image, k_space, &r->maps, &r->unfold));
    else if (r->method == RSS) root_sum(r, image, k_space);
    else {
        EX_OK(mv_grappa_execute(&e->ctx, &r->weights, &full, k_space));
        root_sum(r, image, &full);
        mv_volume_free(&e->ctx, &full);
    }
    if (r->unring) EX_OK(mv_unring(&e->ctx, image, image, NULL));
}

/* ---- pictures ---- */
/* Two images beside each other, each through a window from 0 to its 99.5th percentile. */
static void save_picture(recon *r, const mv_volume *left, const mv_volume *right, const char *path) {
    ex *e = r->e;
    const size_t nx = r->dim[0], ny = r->dim[1], from = nx * ny * (r->dim[2] / 2);
    const size_t dim[2] = {2 * nx + 8, ny};
    static const double q = 99.5;
    mv_volume sheet = {0};
    size_t x, y;
    int k;
    if (!left->data || !right->data) return;
    EX_OK(mv_volume_alloc(&e->ctx, &sheet, MEDVOL_U8, 2, dim));
    memset(sheet.data, 0, dim[0] * ny);
    for (k = 0; k < 2; k++) {
        const float *p = (const float *)(k ? right : left)->data + from;
        double white = 0.0;
        EX_OK(mv_percentiles_array(&e->ctx, &white, p, MEDVOL_F32, nx * ny, 1.0, 0.0, &q, 1, NULL));
        for (y = 0; y < ny; y++) /* y upwards */
            for (x = 0; x < nx; x++) {
                const double v = white > 0.0 ? 255.0 * (double)p[x + nx * y] / white : 0.0;
                ((uint8_t *)sheet.data)[x + (nx + 8) * (size_t)k + dim[0] * (ny - 1 - y)] =
                    (uint8_t)(v < 255.0 ? v + 0.5 : 255.0);
            }
    }
    EX_SAVED(mv_save_png(&e->ctx, &sheet, path, NULL));
    mv_volume_free(&e->ctx, &sheet);
}
static void pair_of(ex *e, const char *option, size_t *two) {
    const char *s = ex_text(e, option);
    char *end;
    int k;
    for (k = 0; s && k < 2; k++, s = end + 1) {
        const long x = strtol(s, &end, 10);
        if (end == s || x < 1 || x > 64 || (*end && (*end != ',' || k == 1)))
            ex_quit(e, EX_USAGE, "%s: must be one or two numbers 1..64, as 2,2", option);
        two[k] = (size_t)x;
        if (!*end) break;
    }
}

int main(int argc, char **argv) {
    static const char *const methods[] = {"cg", "sense", "grappa", "rss"};
    static const char *const makers[] = {"espirit", "walsh", "inati", "lowres"};
    static ex state;
    static recon r;
    ex *e = &state;
    mv_volume out = {0}, before = {0}, k_space = {0};
    size_t dim[7], n, f;
    char prefix[1000], nifti[1024], png[1024];
    const char *s, *samples;
    double start, lambda;
    int k, ndim;

    ex_init(e, argc, argv, "recon", usage);
    r.e = e;
    r.method = ex_choice(e, "--method", methods, 4);
    r.maps_by = makers[ex_choice(e, "--maps", makers, 4)];
    pair_of(e, "--accel", r.unfold.accel);
    r.unfold.shift = (size_t)ex_whole(e, "--shift", 0, 0, 64);
    lambda = ex_number(e, "--lambda", 0.01, 0, 1e6);
    r.unfold.lambda = r.gradients.lambda = lambda;
    r.gradients.iterations = (int)ex_whole(e, "--iterations", 50, 1, 10000);
    r.calib = (size_t)ex_whole(e, "--calib", 24, 4, 1024);
    r.unring = ex_flag(e, "--unring");
    samples = ex_text(e, "--save-kspace");
    s = ex_prefix(e, "--out");
    r.path = ex_word(e);
    ex_no_more(e);
    if (s) snprintf(prefix, sizeof prefix, "%s", s);
    else {
        ex_stem(prefix, sizeof prefix - 8, r.path ? r.path : "phantom");
        strcat(prefix, "_recon");
    }
    snprintf(nifti, sizeof nifti, "%s.nii.gz", prefix);
    snprintf(png, sizeof png, "%s.png", prefix);
    start = ex_now();

    open_input(&r);
    if (samples && !r.all.data)
        ex_quit(e, EX_USAGE, "--save-kspace: %s is a file of samples already", r.path);
    if (samples) EX_SAVED(mv_save(&e->ctx, &r.all, samples, NULL));
    n = r.dim[0] * r.dim[1] * r.dim[2];
    for (k = 0; k < 3; k++) dim[k] = r.dim[k];
    for (ndim = 3, k = 4; k < 7; k++)
        if (r.dim[k] > 1) dim[ndim++] = r.dim[k];
    for (f = 0; f < r.frames; f++) {
        mv_volume image = {0};
        get_frame(&r, &k_space, f);
        if (f == 0) { /* a size that a header claims is believed when a frame of it was there */
            EX_OK(mv_volume_alloc(&e->ctx, &out, MEDVOL_F32, ndim, dim));
            prepare(&r, &k_space);
            root_sum(&r, &before, &k_space);
        }
        reconstruct(&r, &image, &k_space);
        magnitude(&r, (float *)out.data + n * f, &image);
        mv_volume_free(&e->ctx, &image);
        mv_volume_free(&e->ctx, &k_space);
    }
    EX_SAVED(mv_save(&e->ctx, &out, nifti, NULL));
    save_picture(&r, &before, &out, png);
    ex_bar_clear();
    if (!e->quiet) {
        printf("%s: %zu x %zu x %zu, %zu coils, %zu frames, by %s\n", r.path ? r.path : "phantom", r.dim[0],
            r.dim[1], r.dim[2], r.dim[3], r.frames, methods[r.method]);
        printf("%s, %s: the samples alone on the left, the image on the right; %.2f s, %.0f MB at most\n",
               nifti, png, ex_now() - start, ex_peak_mb());
    }
    mv_volume_free(&e->ctx, &before);
    mv_volume_free(&e->ctx, &out);
    mv_volume_free(&e->ctx, &r.maps);
    mv_volume_free(&e->ctx, &r.mask);
    mv_volume_free(&e->ctx, &r.all);
    mv_grappa_free(&e->ctx, &r.weights);
    ex_free(e);
    return 0;
}
