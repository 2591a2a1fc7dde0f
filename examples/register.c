/* register - two images onto each other: rigid, affine, or freely (local correlation, also symmetric or along
   a velocity; B-splines; demons); writes transform, warped image, inverse, pictures; measures the result.

   Build:  cc -O2 examples/register.c -lm -lpthread -o register
   Run:    ./register fixed.nii.gz moving.nii.gz            free, after an affine start
           ./register fixed.png moving.png --method affine  pictures: 8- or 16-bit PNG, PGM, PPM
           ./register brain.nii.gz                          beside a bent copy of itself: the error is known
           ./register                                       the same of a phantom
   Writes PREFIX_warped (.nii.gz or .png), PREFIX_affine.txt (ITK's text), PREFIX_field.nii.gz and
   PREFIX_inverse.nii.gz (displacements as ITK and ANTs read them, the affine within), PREFIX.png: above the
   fixed, moving and warped image and squares of the first and the last, below the difference before and
   after, the warped grid and the Jacobian determinant. */
#include "example.h"
#include <errno.h>
#include <limits.h>

static const char usage[] =
    "register [[FIXED] MOVING] [--method lncc|syn|velocity|bspline|demons|affine|similarity|rigid|\n"
    "         translation] [--metric ncc|mi|ssd] [--preset default|fast|accurate]\n"
    "         [--search DEGREES] [--symmetric] [--mask FIXED_MASK]\n"
    "         [--labels MOVING_LABELS [--fixed-labels FIXED_LABELS]] [--out PREFIX] [--verbose]\n"
    "         [--threads N] [--level N] [--quiet]\n"
    "--metric: of the affine part and of bspline; mi for images of different kinds\n"
    "--verbose: a line an iteration\n"
    "exit codes: 0 done, 1 the phantom's error is too large, 2 usage, 3 cannot read, 4 malformed file, 5\n"
    "cannot write, 6 memory, 7 images that determine nothing, 9 unsupported, 130 cancelled\n";

enum { LNCC, SYN, VELOCITY, BSPLINE, DEMONS, FREE, AFFINE = FREE, SIMILARITY, RIGID, TRANSLATION };
enum { DEFAULT, FAST, ACCURATE };
typedef struct reg {
    ex *e;
    int method, preset, verbose;
    mv_volume shown[2], image[2]; /* fixed, moving: as they were read; as numbers to compare */
    mv_volume mask, field;        /* of the fixed image; what is left behind the affine */
    mv_register_affine_opt global;
    double affine[12], true_affine[12];
    mv_volume true_bend; /* of a phantom */
    char prefix[1000];
} reg;

/* ---- pictures in: PGM, PPM and PNG, without interlace and palette ---- */
static unsigned char *read_file(ex *e, const char *path, size_t *n) {
    FILE *f = fopen(path, "rb");
    const char *reason = f ? "not a file that can be read whole" : strerror(errno);
    unsigned char *p = NULL;
    long size = -1;
    if (f && fseek(f, 0, SEEK_END) == 0) size = ftell(f);
    if (size >= 0 && size < LONG_MAX) p = (unsigned char *)malloc((size_t)size + 1); /* that long: a folder */
    if (p && fseek(f, 0, SEEK_SET) == 0 && fread(p, 1, (size_t)size, f) == (size_t)size) {
        fclose(f);
        p[size] = 0;
        *n = (size_t)size;
        return p;
    }
    free(p);
    if (f) fclose(f);
    ex_quit(e, EX_READ, "%s: cannot be read: %s", path, reason);
    return NULL;
}
/* Big-endian samples, rows on end, into a volume; of four channels or two the last, alpha, is dropped. */
static void picture_of(ex *e, mv_volume *v, const char *path, const unsigned char *from, size_t nx, size_t ny,
    int channels, int bytes) {
    const int colour = channels > 2;
    size_t dim[2], i;
    int c;
    dim[0] = nx, dim[1] = ny;
    if (colour && bytes == 2) ex_quit(e, EX_UNSUPPORTED, "%s: colours of 16 bits", path);
    EX_OK(mv_volume_alloc(&e->ctx, v, colour ? MEDVOL_RGB24 : bytes == 2 ? MEDVOL_U16 : MEDVOL_U8, 2, dim));
    for (i = 0; i < nx * ny; i++, from += channels * bytes) {
        if (bytes == 2) ((uint16_t *)v->data)[i] = (uint16_t)(from[0] << 8 | from[1]);
        else
            for (c = 0; c < (colour ? 3 : 1); c++)
                ((unsigned char *)v->data)[i * (colour ? 3 : 1) + (size_t)c] = from[c];
    }
}
static void read_pnm(ex *e, mv_volume *v, const char *path, const unsigned char *p, size_t n) {
    const int channels = p[1] == '6' ? 3 : 1;
    unsigned long number[3];
    size_t at = 2, need;
    int k;
    for (k = 0; k < 3; k++) { /* width, height, greatest value; comments may stand between */
        char *end;
        while (p[at] == ' ' || (p[at] >= '\t' && p[at] <= '\r') || p[at] == '#') {
            if (p[at] == '#') at += strcspn((const char *)p + at, "\n");
            else at++;
        }
        number[k] = strtoul((const char *)p + at, &end, 10);
        if (p[at] < '0' || p[at] > '9' || number[k] < 1 || number[k] > 1000000)
            ex_quit(e, EX_MALFORMED, "%s: number %d of the header", path, k + 1);
        at = (size_t)((const unsigned char *)end - p);
    }
    at++;
    need = (size_t)number[0] * number[1] * (size_t)channels * (number[2] > 255 ? 2 : 1);
    if (number[2] > 65535 || at > n || need > n - at)
        ex_quit(e, EX_MALFORMED, "%s: %zu bytes of samples, %zu are there", path, need, at > n ? 0 : n - at);
    picture_of(e, v, path, p + at, number[0], number[1], channels, number[2] > 255 ? 2 : 1);
}
static size_t big_endian(const unsigned char *p) {
    return (size_t)p[0] << 24 | (size_t)p[1] << 16 | (size_t)p[2] << 8 | p[3];
}
/* one row of a PNG: what was left of its prediction by the filter becomes the samples again */
static void unfilter(unsigned char *row, const unsigned char *above, size_t n, size_t step, int filter) {
    size_t i;
    for (i = 0; i < n; i++) {
        const int a = i >= step ? row[i - step] : 0, b = above ? above[i] : 0,
                  c = above && i >= step ? above[i - step] : 0;
        const int pa = abs(b - c), pb = abs(a - c), pc = abs(a + b - 2 * c);
        const int guess = filter == 1   ? a
                          : filter == 2 ? b
                          : filter == 3 ? (a + b) / 2
                          : filter == 4 ? (pa <= pb && pa <= pc ? a : pb <= pc ? b : c)
                                        : 0;
        row[i] = (unsigned char)(row[i] + guess);
    }
}
static void read_png(ex *e, mv_volume *v, const char *path, const unsigned char *p, size_t n) {
    static const int channels_of[7] = {1, 0, 3, 0, 2, 0, 4};
    unsigned char *packed = (unsigned char *)malloc(n + 1), *rows;
    size_t at = 8, packed_n = 0, nx = 0, ny = 0, row = 0, y, used = 0, done = 0;
    int channels = 0, bytes = 0;
    if (!packed) ex_quit(e, EX_MEMORY, "%s: %zu bytes", path, n);
    while (at + 12 <= n) {
        const size_t len = big_endian(p + at);
        const unsigned char *type = p + at + 4, *d = p + at + 8;
        if (len > n - at - 12) ex_quit(e, EX_MALFORMED, "%s: a chunk ends behind the file", path);
        if (!memcmp(type, "IHDR", 4) && len == 13) {
            nx = big_endian(d), ny = big_endian(d + 4);
            channels = d[9] < 7 ? channels_of[d[9]] : 0;
            bytes = d[8] / 8;
            if (!channels || (d[8] != 8 && d[8] != 16) || d[12])
                ex_quit(e, EX_UNSUPPORTED, "%s: a palette, fewer than 8 bits, or interlace", path);
        } else if (!memcmp(type, "IDAT", 4)) {
            memcpy(packed + packed_n, d, len);
            packed_n += len;
        } else if (!memcmp(type, "IEND", 4)) break;
        at += len + 12;
    }
    if (nx < 1 || ny < 1 || nx > 1000000 || ny > 1000000) ex_quit(e, EX_MALFORMED, "%s: its size", path);
    row = nx * (size_t)channels * (size_t)bytes;
    if (row * ny / 1032 > packed_n) /* deflate's best is 1032 to 1 */
        ex_quit(e, EX_MALFORMED, "%s: too short for %zu x %zu", path, nx, ny);
    rows = (unsigned char *)malloc((row + 1) * ny);
    if (!rows) ex_quit(e, EX_MEMORY, "%s: %zu bytes", path, (row + 1) * ny);
    EX_OK(mv_inflate_zlib(&e->ctx, rows, (row + 1) * ny, packed, packed_n, &used, &done));
    if (done != (row + 1) * ny) ex_quit(e, EX_MALFORMED, "%s: rows are missing", path);
    for (y = 0; y < ny; y++) {
        unsigned char *r = rows + y * (row + 1);
        unfilter(r + 1, y ? r - row : NULL, row, (size_t)channels * (size_t)bytes, r[0]);
    }
    for (y = 0; y < ny; y++) memmove(rows + y * row, rows + y * (row + 1) + 1, row);
    picture_of(e, v, path, rows, nx, ny, channels, bytes);
    free(rows);
    free(packed);
}
static void read_image(ex *e, mv_volume *v, const char *path) {
    size_t n;
    unsigned char *p;
    if (!ex_ends(path, ".png") && !ex_ends(path, ".pgm") && !ex_ends(path, ".ppm")) {
        EX_OK(mv_load(&e->ctx, v, path, NULL));
        return;
    }
    p = read_file(e, path, &n);
    if (n > 33 && !memcmp(p, "\x89PNG\r\n\x1a\n", 8)) read_png(e, v, path, p, n);
    else if (n > 8 && p[0] == 'P' && (p[1] == '5' || p[1] == '6')) read_pnm(e, v, path, p, n);
    else ex_quit(e, EX_MALFORMED, "%s: neither PNG nor binary PGM or PPM", path);
    free(p);
}
/* what is compared: real values; of colours the brightness (ITU-R BT.601), of a series the first volume */
static void numbers_of(ex *e, mv_volume *to, const mv_volume *from) {
    size_t i, start[7] = {0}, size[7];
    int k;
    mv_volume first;
    for (k = 0; k < 7; k++) size[k] = k < 3 ? from->dim[k] : 1;
    EX_OK(mv_volume_view(&e->ctx, &first, from, start, size));
    first.ndim = from->ndim < 3 ? from->ndim : 3;
    if (from->dtype != MEDVOL_RGB24) {
        EX_OK(mv_convert(&e->ctx, to, &first, MEDVOL_F32, NULL));
        return;
    }
    EX_OK(mv_volume_alloc(&e->ctx, to, MEDVOL_F32, first.ndim, first.dim));
    memcpy(to->affine, first.affine, sizeof to->affine);
    for (i = 0; i < mv_volume_count(to); i++) {
        const unsigned char *c = (const unsigned char *)from->data + 3 * i;
        ((float *)to->data)[i] = 0.299f * (float)c[0] + 0.587f * (float)c[1] + 0.114f * (float)c[2];
    }
}

/* ---- registration ---- */
static int say(void *user, const mv_register_step *s) {
    (void)user;
    ex_bar_clear();
    printf("level %d, iteration %3d: energy %.6f, update %.4f voxels\n", s->level, s->iteration, s->energy,
        s->update);
    return 0;
}
static const char *why(mv_stop stop) {
    static const char *const text[] = {"nothing was to be done", "updates are small", "the energy is flat",
        "no step lowers the energy", "all iterations are done", "time is up", "stopped"};
    return text[stop];
}
/* what the affine leaves */
static void bend(reg *r, mv_register_report *report) {
    ex *e = r->e;
    const mv_volume *fixed = &r->image[0], *moving = &r->image[1];
    mv_register_control control = {0};
    control.iterations = r->preset == FAST ? 5 : r->preset == ACCURATE ? 25 : 0;
    control.report = report;
    if (r->verbose) control.step = say;
    if (r->method == DEMONS) {
        mv_register_demons_opt o = {0};
        o.start = r->affine, o.fixed_mask = r->global.fixed_mask, o.control = control;
        EX_OK(mv_register_demons(&e->ctx, &r->field, fixed, moving, &o));
    } else if (r->method == BSPLINE) {
        mv_register_bspline_opt o = {0};
        mv_volume points = {0};
        o.start = r->affine, o.fixed_mask = r->global.fixed_mask, o.control = control;
        o.metric = r->global.metric, o.field = &r->field;
        EX_OK(mv_register_bspline(&e->ctx, &points, fixed, moving, &o));
        mv_volume_free(&e->ctx, &points);
    } else {
        mv_register_lncc_opt o = {0};
        o.start = r->affine, o.fixed_mask = r->global.fixed_mask, o.control = control;
        o.mode = r->method == SYN        ? MEDVOL_LNCC_SYMMETRIC
                 : r->method == VELOCITY ? MEDVOL_LNCC_VELOCITY
                                         : MEDVOL_LNCC_GREEDY;
        o.full = r->preset == ACCURATE;
        EX_OK(mv_register_lncc(&e->ctx, &r->field, fixed, moving, &o));
    }
}
static void align(reg *r) {
    ex *e = r->e;
    static const mv_model model[] = {MEDVOL_AFFINE, MEDVOL_SIMILARITY, MEDVOL_RIGID, MEDVOL_TRANSLATION};
    mv_register_report report = {MEDVOL_STOP_NONE, 0, 0, {0}, 0, 0, 0, 0, 0};
    double start = ex_now();
    r->global.model = model[r->method < FREE ? 0 : r->method - FREE];
    r->global.fixed_mask = r->mask.data ? &r->mask : NULL;
    r->global.control.report = &report;
    if (r->verbose) r->global.control.step = say;
    EX_OK(mv_register_affine(&e->ctx, r->affine, &r->image[0], &r->image[1], &r->global));
    ex_bar_clear();
    if (!e->quiet)
        printf("affine: energy %.4f to %.4f on the finest of %d levels, %s; %.2f s\n", report.first,
            report.energy, report.levels, why(report.stop), ex_now() - start);
    if (r->method < FREE) {
        start = ex_now();
        bend(r, &report);
        ex_bar_clear();
        if (!e->quiet)
            printf("free: energy %.4f to %.4f on the finest of %d levels, %s, %zu voxels fold; %.2f s\n",
                report.first, report.energy, report.levels, why(report.stop), report.folded,
                ex_now() - start);
    }
}
/* T as a chain: the field, if there is one, then the affine; the number of its links */
static size_t chain_of(const reg *r, mv_transform *chain) {
    size_t n = 0;
    memset(chain, 0, 2 * sizeof *chain);
    if (r->field.data) {
        chain[n].kind = MEDVOL_TRANSFORM_FIELD;
        chain[n++].field = &r->field;
    }
    chain[n].kind = MEDVOL_TRANSFORM_AFFINE;
    memcpy(chain[n++].affine, r->affine, sizeof r->affine);
    return n;
}

static int scaled(const mv_volume *v) { /* slope 0: no scaling */
    return v->slope != 0.0 && (v->slope != 1.0 || v->inter != 0.0);
}

/* ---- results ---- */
/* the middle slice of a picture, grey or rgb24, into a field of the sheet: y upwards in volumes */
static void put(mv_volume *sheet, size_t column, size_t line, const mv_volume *p) {
    const size_t nx = p->dim[0], ny = p->dim[1], colours = p->dtype == MEDVOL_RGB24 ? 3 : 1;
    const unsigned char *from = (const unsigned char *)p->data + colours * nx * ny * (p->dim[2] / 2);
    unsigned char *to = (unsigned char *)sheet->data;
    size_t x, y, c;
    for (y = 0; y < ny; y++)
        for (x = 0; x < nx; x++)
            for (c = 0; c < 3; c++)
                to[3 * ((nx + 8) * column + x + sheet->dim[0] * ((ny + 8) * line + y)) + c] =
                    from[colours * (x + nx * (p->dim[2] > 1 ? ny - 1 - y : y)) + (colours == 3 ? c : 0)];
}
/* grey, black and white at the half and the 99 and a half percent of the values */
static void grey_of(ex *e, mv_volume *to, const mv_volume *image, double *window) {
    static const double q[2] = {0.5, 99.5};
    const size_t n = mv_volume_count(image);
    size_t i;
    EX_OK(mv_percentiles_array(&e->ctx, window, image->data, MEDVOL_F32, n, 1.0, 0.0, q, 2, NULL));
    EX_OK(mv_volume_alloc(&e->ctx, to, MEDVOL_U8, image->ndim, image->dim));
    for (i = 0; i < n; i++) {
        const double wide = window[1] > window[0] ? window[1] - window[0] : 1.0,
                     v = 255.0 * ((double)((const float *)image->data)[i] - window[0]) / wide;
        ((unsigned char *)to->data)[i] = (unsigned char)(v > 0.0 ? v < 255.0 ? v + 0.5 : 255.0 : 0.0);
    }
}
/* Above the fixed, the moving and the warped image, and squares of the fixed and the warped one; below their
   difference before and after, the warped grid, the Jacobian determinant. */
static void save_pictures(reg *r, const mv_volume *before, const mv_volume *after, const mv_volume *total) {
    ex *e = r->e;
    const mv_volume *fixed = &r->image[0], *image[3];
    const size_t dim[2] = {4 * fixed->dim[0] + 24, 2 * fixed->dim[1] + 8};
    mv_volume sheet = {0}, grey[3] = {{0}}, p = {0};
    mv_picture_opt o = {0};
    double window[2];
    char path[1024];
    size_t k;
    EX_OK(mv_volume_alloc(&e->ctx, &sheet, MEDVOL_RGB24, 2, dim));
    memset(sheet.data, 0, 3 * dim[0] * dim[1]);
    image[0] = fixed, image[1] = before, image[2] = after;
    for (k = 0; k < 3; k++) {
        grey_of(e, &grey[k], image[k], window);
        memcpy(grey[k].affine, fixed->affine, sizeof fixed->affine);
        put(&sheet, k, 0, &grey[k]);
    }
    o.window_a[1] = o.window_b[1] = 255.0;
    EX_OK(mv_picture_checkerboard(&e->ctx, &p, &grey[0], &grey[2], &o));
    put(&sheet, 3, 0, &p);
    mv_volume_free(&e->ctx, &p);
    o.range = 160.0;
    for (k = 1; k < 3; k++) {
        EX_OK(mv_picture_difference(&e->ctx, &p, &grey[0], &grey[k], &o));
        put(&sheet, k - 1, 1, &p);
        mv_volume_free(&e->ctx, &p);
    }
    o.range = 0.0;
    EX_OK(mv_picture_grid(&e->ctx, &p, total, &o));
    put(&sheet, 2, 1, &p);
    mv_volume_free(&e->ctx, &p);
    EX_OK(mv_picture_jacobian(&e->ctx, &p, total, &o));
    put(&sheet, 3, 1, &p);
    snprintf(path, sizeof path, "%s.png", r->prefix);
    EX_SAVED(mv_save_png(&e->ctx, &sheet, path, NULL));
    mv_volume_free(&e->ctx, &p);
    mv_volume_free(&e->ctx, &sheet);
    for (k = 0; k < 3; k++) mv_volume_free(&e->ctx, &grey[k]);
}
static void header_of(ex *e, const char *path) {
    mv_volume head = {0};
    EX_OK(mv_load_header(&e->ctx, &head, path, NULL));
    mv_volume_free(&e->ctx, &head);
}
static void save_labels(reg *r, const mv_transform *chain, size_t n, const char *from, const char *truth) {
    ex *e = r->e;
    mv_volume labels = {0}, moved = {0}, fixed = {0};
    mv_warp_opt opt = {0};
    char path[1024];
    double dice = 0.0;
    size_t count = 0;
    EX_OK(mv_load(&e->ctx, &labels, from, NULL));
    if (labels.dtype == MEDVOL_F32 || labels.dtype == MEDVOL_F64) /* whole numbers, saved as others */
        EX_OK(mv_convert(&e->ctx, &labels, &labels, MEDVOL_I32, NULL));
    opt.labels = 1;
    EX_OK(mv_warp(&e->ctx, &moved, &labels, &r->image[0], chain, n, &opt));
    snprintf(path, sizeof path, "%s_labels.nii.gz", r->prefix);
    EX_SAVED(mv_save(&e->ctx, &moved, path, NULL));
    if (truth) {
        EX_OK(mv_load(&e->ctx, &fixed, truth, NULL));
        EX_OK(mv_metric_labels(&e->ctx, NULL, 0, &count, &dice, &moved, &fixed, NULL));
        if (!e->quiet) printf("labels: mean Dice %.4f of %zu labels\n", dice, count);
    }
    mv_volume_free(&e->ctx, &labels);
    mv_volume_free(&e->ctx, &moved);
    mv_volume_free(&e->ctx, &fixed);
}
static void write_all(reg *r, const char *labels, const char *fixed_labels) {
    ex *e = r->e;
    const mv_volume *fixed = &r->image[0];
    const int picture = fixed->ndim < 3;
    mv_volume total = {0}, back = {0}, warped = {0}, before = {0}, after = {0};
    mv_transform chain[2], truth[2];
    const size_t n = chain_of(r, chain);
    mv_warp_opt opt = {0};
    mv_field_invert_opt invert = {0};
    mv_image_metrics m[2];
    mv_metric_opt measure = {0};
    mv_jacobian_stats jacobian;
    char path[1024];
    double mm[3], apart;

    EX_OK(mv_transform_field(&e->ctx, &total, fixed, chain, n));
    EX_OK(mv_warp(&e->ctx, &before, &r->image[1], fixed, NULL, 0, NULL));
    EX_OK(mv_warp(&e->ctx, &after, &r->image[1], fixed, chain, n, NULL));
    opt.interp = picture ? MEDVOL_LINEAR : MEDVOL_CUBIC; /* of colours linear is what there is */
    /* its own type, but for whole numbers that stand for others: those would lose what is between them */
    opt.dtype = scaled(&r->shown[1]) ? MEDVOL_F32 : r->shown[1].dtype;
    EX_OK(mv_warp(&e->ctx, &warped, &r->shown[1], fixed, chain, n, &opt));
    snprintf(path, sizeof path, "%s_warped.%s", r->prefix, picture ? "png" : "nii.gz");
    if (picture) EX_SAVED(mv_save_png(&e->ctx, &warped, path, NULL));
    else EX_SAVED(mv_save(&e->ctx, &warped, path, NULL));
    snprintf(path, sizeof path, "%s_affine.txt", r->prefix);
    EX_SAVED(mv_affine_save(&e->ctx, r->affine, path, NULL));
    snprintf(path, sizeof path, "%s_field.nii.gz", r->prefix);
    EX_SAVED(mv_field_save(&e->ctx, &total, path, NULL));
    invert.best = 1; /* beyond the moving image's edge there may be none */
    EX_OK(mv_field_invert(&e->ctx, &back, &total, &invert));
    snprintf(path, sizeof path, "%s_inverse.nii.gz", r->prefix);
    EX_SAVED(mv_field_save(&e->ctx, &back, path, NULL));
    save_pictures(r, &before, &after, &total);
    if (labels) save_labels(r, chain, n, labels, fixed_labels);

    measure.what = MEDVOL_METRIC_NCC | MEDVOL_METRIC_LNCC | MEDVOL_METRIC_NMI;
    EX_OK(mv_metric_image(&e->ctx, &m[0], fixed, &before, &measure));
    EX_OK(mv_metric_image(&e->ctx, &m[1], fixed, &after, &measure));
    EX_OK(mv_field_jacobian(&e->ctx, NULL, &jacobian, &total, NULL));
    ex_bar_clear();
    if (!e->quiet) {
        printf("correlation %.4f before, %.4f after; local %.4f, %.4f; mutual information %.3f, %.3f\n",
            m[0].ncc, m[1].ncc, m[0].lncc, m[1].lncc, m[0].nmi, m[1].nmi);
        printf("Jacobian determinant %.3f to %.3f, sd of its logarithm %.3f, %zu voxels fold\n",
            jacobian.least, jacobian.greatest, jacobian.log_sd, jacobian.folded);
        printf("%s_warped, _affine.txt, _field.nii.gz, _inverse.nii.gz, .png\n", r->prefix);
    }
    if (r->true_bend.data) {
        memset(truth, 0, sizeof truth);
        truth[0].kind = MEDVOL_TRANSFORM_FIELD;
        truth[0].field = &r->true_bend;
        truth[1].kind = MEDVOL_TRANSFORM_AFFINE;
        memcpy(truth[1].affine, r->true_affine, sizeof r->true_affine);
        mv_spacing(fixed, mm);
        apart = ex_apart(e, fixed, chain, n, truth, 2) / mm[0];
        if (!e->quiet) printf("the phantom's truth is %.3f voxels away on average\n", apart);
        EX_EXPECT(e, apart < (r->method < FREE ? 0.8 : 4.0), "register: the phantom's transform is found");
    }
    mv_volume_free(&e->ctx, &total);
    mv_volume_free(&e->ctx, &back);
    mv_volume_free(&e->ctx, &warped);
    mv_volume_free(&e->ctx, &before);
    mv_volume_free(&e->ctx, &after);
}

int main(int argc, char **argv) {
    static const char *const methods[] = {
        "lncc", "syn", "velocity", "bspline", "demons", "affine", "similarity", "rigid", "translation"};
    static const char *const metrics[] = {"ncc", "ssd", "mi"};
    static const char *const presets[] = {"default", "fast", "accurate"};
    static ex state;
    static reg r;
    ex *e = &state;
    const char *prefix, *labels, *fixed_labels, *mask, *path[2];
    double start;
    int k;

    ex_init(e, argc, argv, "register", usage);
    r.e = e;
    r.method = ex_choice(e, "--method", methods, 9);
    r.preset = ex_choice(e, "--preset", presets, 3);
    r.global.metric = (mv_similarity)ex_choice(e, "--metric", metrics, 3);
    r.global.search = ex_number(e, "--search", 0.0, 0.0, 180.0);
    r.global.symmetric = ex_flag(e, "--symmetric");
    r.verbose = ex_flag(e, "--verbose");
    mask = ex_text(e, "--mask");
    labels = ex_text(e, "--labels");
    fixed_labels = ex_text(e, "--fixed-labels");
    prefix = ex_prefix(e, "--out");
    path[0] = ex_word(e);
    path[1] = ex_word(e);
    ex_no_more(e);
    snprintf(r.prefix, sizeof r.prefix, "%s", prefix ? prefix : "registered");
    if (fixed_labels && !labels) ex_quit(e, EX_USAGE, "--fixed-labels: --labels is missing");
    if (labels) header_of(e, labels); /* said now, not behind the registration */
    if (fixed_labels) header_of(e, fixed_labels);
    start = ex_now();

    if (path[1]) {
        for (k = 0; k < 2; k++) {
            read_image(e, &r.shown[k], path[k]);
            numbers_of(e, &r.image[k], &r.shown[k]);
        }
    } else {
        e->size = 128;
        e->input = path[0];
        ex_pair(e, &r.image[0], &r.image[1], 8.0, 6.0, 6.0, r.true_affine, &r.true_bend);
        for (k = 0; k < 2; k++) EX_OK(mv_volume_copy(&e->ctx, &r.shown[k], &r.image[k]));
    }
    if (mask) read_image(e, &r.mask, mask);
    align(&r);
    write_all(&r, labels, fixed_labels);
    if (!e->quiet) printf("%.2f s, %.0f MB at most\n", ex_now() - start, ex_peak_mb());

    for (k = 0; k < 2; k++) {
        mv_volume_free(&e->ctx, &r.shown[k]);
        mv_volume_free(&e->ctx, &r.image[k]);
    }
    mv_volume_free(&e->ctx, &r.mask);
    mv_volume_free(&e->ctx, &r.field);
    mv_volume_free(&e->ctx, &r.true_bend);
    ex_free(e);
    return 0;
}
