/* preprocess - one scan made ready for a network or an atlas: axes to RAS, 1 mm voxels, a fixed shape, zero
   mean and unit variance; as .nii.gz, with a picture before and after.

   Build:  cc -O2 examples/preprocess.c -lm -lpthread -o preprocess
   Run:    ./preprocess t1.nii.gz             writes t1_pre.nii.gz and t1_pre.png here
           ./preprocess                       without a file: a head of ellipsoids, oblique, thick slices
   See:    the three planes in the terminal, a progress bar when it takes long; Ctrl-C leaves no half file */
#include "example.h"

static const char usage[] =
    "preprocess [FILE] [--out PREFIX] [--spacing MM=1] [--shape X,Y,Z=192,224,192]"
    " [--interp nearest|linear|cubic]\n"
    "           [--threads N] [--level N] [--quiet]\n"
    "reads .nii, .nii.gz or .hdr/.img; writes PREFIX.nii.gz (float) and PREFIX.png (before above after)\n"
    "exit codes: 0 done, 2 usage, 3 cannot read, 4 malformed file, 5 cannot write, 6 memory, 7 nothing but 0,"
    "\n9 unsupported, 130 cancelled\n";

static void parse_shape(ex *e, const char *s, size_t *shape) {
    char *end;
    int d;
    for (d = 0; d < 3; d++, s = end + 1) {
        double x = strtod(s, &end);
        if (end == s || *end != (d < 2 ? ',' : 0) || !(x >= 1.0 && x <= 4096.0) || x != floor(x))
            ex_quit(e, EX_USAGE, "--shape: must be three numbers 1..4096, as 192,224,192");
        shape[d] = (size_t)x;
    }
}
/* Slices 3 mm apart, 0.9375 mm inside, axes to the left, posterior and superior, turned by 10 degrees about
   the ear-to-ear axis: as a scanner might give it. */
static void make_scan(ex *e, mv_volume *v) {
    const double c = cos(0.1745), s = sin(0.1745), mm = 0.9375, slice = 3.0;
    static const double half[3] = {127.5, 127.5, 31.5};
    double a[12];
    int r;
    memset(a, 0, sizeof a);
    a[0] = -mm;
    a[5] = -mm * c, a[9] = -mm * s;
    a[6] = -slice * s, a[10] = slice * c;
    for (r = 0; r < 3; r++)
        a[4 * r + 3] = -(a[4 * r] * half[0] + a[4 * r + 1] * half[1] + a[4 * r + 2] * half[2]);
    ex_make_head(e, v, MEDVOL_I16, 256, 256, 64, a, 15.0);
}
static void describe(const char *name, const mv_volume *v) {
    double mm[3];
    char code[4];
    int d;
    mv_spacing(v, mm);
    mv_orientation(v, code);
    printf("%s: ", name);
    for (d = 0; d < v->ndim; d++) printf(d ? " x %zu" : "%zu", v->dim[d]);
    printf(" %s, %.4g x %.4g x %.4g mm, %s\n", mv_dtype_name(v->dtype), mm[0], mm[1], mm[2], code);
}
/* Two pictures, one above the other. */
static void stack(ex *e, mv_volume *sheet, const mv_volume *top, const mv_volume *bottom) {
    size_t dim[2], start[2] = {0, 0};
    mv_volume part;
    dim[0] = top->dim[0] > bottom->dim[0] ? top->dim[0] : bottom->dim[0];
    dim[1] = top->dim[1] + 8 + bottom->dim[1];
    EX_OK(mv_volume_alloc(&e->ctx, sheet, MEDVOL_RGB24, 2, dim));
    memset(sheet->data, 0, 3 * dim[0] * dim[1]);
    memcpy(sheet->affine, top->affine, sizeof sheet->affine);
    start[0] = (dim[0] - top->dim[0]) / 2;
    /* a window into the sheet, filled in place */
    EX_OK(mv_volume_view(&e->ctx, &part, sheet, start, top->dim));
    EX_OK(mv_volume_copy(&e->ctx, &part, top));
    start[0] = (dim[0] - bottom->dim[0]) / 2;
    start[1] = top->dim[1] + 8;
    EX_OK(mv_volume_view(&e->ctx, &part, sheet, start, bottom->dim));
    EX_OK(mv_volume_copy(&e->ctx, &part, bottom));
}

int main(int argc, char **argv) {
    static ex state;
    ex *e = &state;
    mv_volume v = {0}, before = {0}, after = {0}, sheet = {0};
    mv_resample_opt resample = {0};
    mv_render_opt render = {0};
    mv_znorm_opt znorm = {0};
    size_t shape[7] = {192, 224, 192, 1, 1, 1, 1};
    char prefix[1000], nifti[1024], png[1024];
    const char *in, *s;
    double mm, spacing[3], start;
    int d;

    ex_init(e, argc, argv, "preprocess", usage);
    mm = ex_number(e, "--spacing", 1.0, 0.05, 100.0);
    spacing[0] = spacing[1] = spacing[2] = mm;
    if ((s = ex_text(e, "--shape")) != NULL) parse_shape(e, s, shape);
    if ((s = ex_text(e, "--interp")) == NULL || !strcmp(s, "linear")) resample.interp = MEDVOL_LINEAR;
    else if (!strcmp(s, "cubic")) resample.interp = MEDVOL_CUBIC;
    else if (!strcmp(s, "nearest")) resample.interp = MEDVOL_NEAREST;
    else ex_quit(e, EX_USAGE, "--interp = %s; must be nearest, linear or cubic", s);
    s = ex_prefix(e, "--out");
    in = ex_word(e);
    ex_no_more(e);
    if (s) snprintf(prefix, sizeof prefix, "%s", s);
    else {
        ex_stem(prefix, sizeof prefix - 8, in ? in : "phantom");
        strcat(prefix, "_pre");
    }
    snprintf(nifti, sizeof nifti, "%s.nii.gz", prefix);
    snprintf(png, sizeof png, "%s.png", prefix);
    start = ex_now();

    if (in) EX_OK(mv_load(&e->ctx, &v, in, NULL));
    else make_scan(e, &v);
    if (!e->quiet) describe(in ? in : "phantom", &v);
    render.mm_per_pixel = mm;
    EX_OK(mv_render_planes(&e->ctx, &before, &v, &render));

    EX_OK(mv_reorient(&e->ctx, &v, &v, "RAS", NULL));
    EX_OK(mv_convert(&e->ctx, &v, &v, MEDVOL_F32, NULL));
    EX_OK(mv_resample_spacing(&e->ctx, &v, &v, spacing, &resample));
    for (d = 3; d < v.ndim; d++) shape[d] = v.dim[d]; /* a series keeps its length */
    EX_OK(mv_crop_or_pad(&e->ctx, &v, &v, shape, NULL));
    znorm.nonzero = 1; /* what was padded stays 0 */
    znorm.split = v.ndim > 3 ? 4 : 0;
    EX_OK(mv_znorm(&e->ctx, &v, &v, &znorm));

    EX_SAVED(mv_save(&e->ctx, &v, nifti, NULL));
    EX_OK(mv_render_planes(&e->ctx, &after, &v, &render));
    stack(e, &sheet, &before, &after);
    EX_SAVED(mv_save_png(&e->ctx, &sheet, png, NULL));
    ex_bar_clear();
    ex_show_planes(e, &v, prefix);
    if (!e->quiet) {
        describe(nifti, &v);
        printf(
            "%s: before above, after below; %.2f s, %.0f MB at most\n", png, ex_now() - start, ex_peak_mb());
    }
    mv_volume_free(&e->ctx, &sheet);
    mv_volume_free(&e->ctx, &before);
    mv_volume_free(&e->ctx, &after);
    mv_volume_free(&e->ctx, &v);
    ex_free(e);
    return 0;
}
