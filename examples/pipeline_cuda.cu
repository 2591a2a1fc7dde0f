/* pipeline_cuda - scans made ready on a GPU: uploaded, resampled to 1 mm, z-normalised, aligned, downloaded;
   as .nii.gz, with a picture. What the device does for the first scan is captured as a graph, and run again
   for every further one with the same type, shape and spacing: one launch a scan.

   Build:  nvcc -O2 examples/pipeline_cuda.cu medvol.o -o pipeline_cuda    (medvol.o: see example_cuda.h)
   Run:    ./pipeline_cuda sub-*_T1w.nii.gz --folder out    writes out/sub-01_T1w_gpu.nii.gz and .png ...
           ./pipeline_cuda                                  without files: two heads of ellipsoids
   See:    ms on the device for each scan, captured or replayed; a progress bar when it takes long */
#ifndef MEDVOL_LINKED
#  define MEDVOL_LINKED
#endif
#include "example.h"
#include "example_cuda.h"

static const char usage[] =
    "pipeline_cuda [FILE ...] [--folder DIR=.] [--spacing MM=1] [--shape X,Y,Z=192,224,192] [--device N]\n"
    "              [--no-graph] [--check] [--threads N] [--level N] [--quiet]\n"
    "reads .nii, .nii.gz or .hdr/.img (of a series the first volume); writes NAME_gpu.nii.gz, NAME_gpu.png\n"
    "--check: each result is compared with what medvol.h makes of the scan\n"
    "exit codes: 0 done, 1 a check failed, 2 usage, 3 cannot read, 4 malformed file, 5 cannot write,\n"
    " 6 memory, 9 no device, 130 cancelled\n";

/* Host memory is pinned, so that copies run while the host goes on and may be captured. */
typedef struct pinned {
    void *block;
    size_t bytes;
} pinned;
typedef struct pipeline {
    ex *e;
    mv_cuda_ctx gpu;
    double spacing[3];
    size_t shape[3];
    int no_graph, check;
    mv_volume in, out;               /* on the host, in `from` and `to` */
    pinned from, to;
    mv_cuda_volume scan, iso, ready; /* on the device */
    mv_cuda_graph graph;
    int captured;
    mv_volume like;                  /* the scan that the graph was made with, without its voxels */
    double voxel[12];                /* of the result, in voxels of the scan */
    void *begin, *end;
} pipeline;

/* ---- on the device: nothing here waits, so all of it can be captured ---- */

/* >>>> REGISTRATION GOES HERE: mv_cuda_register_affine, or mv_cuda_register_demons, of p->iso to an atlas
   that lies on the device, then mv_cuda_warp into p->ready. Until medvol_cuda.h has them, outliers are cut
   and the shape is made the atlas' about the centre. */
static mv_status align(pipeline *p) {
    mv_status st = mv_cuda_clamp(&p->gpu, &p->iso, &p->iso, -5, 5);
    return st < 0 ? st : mv_cuda_crop_or_pad(&p->gpu, &p->ready, &p->iso, p->shape, NULL);
}
static mv_status on_device(pipeline *p) {
    mv_cuda_ctx *c = &p->gpu;
    mv_convert_opt as_stored = mv_convert_opt();
    mv_znorm_opt head = mv_znorm_opt();
    mv_status st;
    head.nonzero = as_stored.keep_scaling = 1;
    st = mv_cuda_upload(c, &p->scan, &p->in, MEDVOL_NONE, &as_stored); /* int16 is half the way of float */
    if (st >= 0) st = mv_cuda_resample_spacing(c, &p->iso, &p->scan, p->spacing, NULL);
    if (st >= 0) st = mv_cuda_znorm(c, &p->iso, &p->iso, &head);
    if (st >= 0) st = align(p);
    return st < 0 ? st : mv_cuda_download(c, &p->out, &p->ready, MEDVOL_NONE, NULL);
}
/* The same by medvol.h */
static void on_host(pipeline *p, mv_volume *v) {
    ex *e = p->e;
    mv_znorm_opt head = mv_znorm_opt();
    head.nonzero = 1;
    EX_OK(mv_convert(&e->ctx, v, &p->in, MEDVOL_F32, NULL));
    EX_OK(mv_resample_spacing(&e->ctx, v, v, p->spacing, NULL));
    EX_OK(mv_znorm(&e->ctx, v, v, &head));
    EX_OK(mv_clamp(&e->ctx, v, v, -5, 5));
    EX_OK(mv_crop_or_pad(&e->ctx, v, v, p->shape, NULL));
}

#define ON_GPU(call) ex_gpu_ok(p->e, &p->gpu, (call))
static void forget(pipeline *p) { /* the graph, and the volumes it names */
    if (p->captured) mv_cuda_graph_free(&p->gpu, &p->graph);
    p->captured = 0;
    mv_cuda_volume_free(&p->gpu, &p->scan);
    mv_cuda_volume_free(&p->gpu, &p->iso);
    mv_cuda_volume_free(&p->gpu, &p->ready);
}
/* A graph holds what was known when it was captured: addresses, shapes, the scaling, the voxels' size. */
static int fits(const pipeline *p) {
    double a[3], b[3];
    const mv_volume *v = &p->in, *l = &p->like;
    int d;
    if (!p->captured || v->data != l->data || v->dtype != l->dtype || v->ndim != l->ndim ||
        v->slope < l->slope || v->slope > l->slope || v->inter < l->inter || v->inter > l->inter)
        return 0;
    mv_spacing(v, a), mv_spacing(l, b);
    for (d = 0; d < v->ndim; d++)
        if (v->dim[d] != l->dim[d]) return 0;
    for (d = 0; d < 3; d++)
        if (!(fabs(a[d] - b[d]) <= 1e-6 * b[d])) return 0;
    return 1;
}
/* One scan; more: others follow. ms on the device; whether it was a replay */
static double run(pipeline *p, int more, int *replayed) {
    double inverse[12];
    ex *e = p->e;
    if ((*replayed = fits(p)) == 0) forget(p);
    if (!ex_event_record(p->begin, p->gpu.stream)) ex_quit(e, EX_CHECK, "an event cannot be recorded");
    if (*replayed) ON_GPU(mv_cuda_graph_launch(&p->gpu, &p->graph));
    else ON_GPU(on_device(p)); /* makes volumes and workspace */
    if (!ex_event_record(p->end, p->gpu.stream)) ex_quit(e, EX_CHECK, "an event cannot be recorded");
    ON_GPU(mv_cuda_sync(&p->gpu));
    if (*replayed) mv_affine_mul(p->out.affine, p->in.affine, p->voxel);
    else {
        EX_OK(mv_affine_invert(inverse, p->in.affine));
        mv_affine_mul(p->voxel, inverse, p->out.affine);
    }
    if (!*replayed && more && !p->no_graph) {
        ON_GPU(mv_cuda_capture_begin(&p->gpu));
        ON_GPU(on_device(p));
        ON_GPU(mv_cuda_capture_end(&p->gpu, &p->graph));
        p->captured = 1;
        p->like = p->in;
        p->like.nifti = NULL;
    }
    return ex_event_ms(p->begin, p->end);
}

/* ---- files ---- */
static void *room(pipeline *p, pinned *b, size_t bytes) {
    if (bytes <= b->bytes) return b->block;
    if (b->block) ON_GPU(mv_cuda_host_free(&p->gpu, b->block));
    ON_GPU(mv_cuda_host_alloc(&p->gpu, &b->block, bytes));
    b->bytes = bytes;
    return b->block;
}
static void read_scan(pipeline *p, const char *path) { /* as stored: the device converts */
    ex *e = p->e;
    mv_load_opt opt = mv_load_opt();
    mv_volume head = mv_volume();
    size_t bytes;
    opt.volumes = 1;
    mv_volume_free(&e->ctx, &p->in);
    EX_OK(mv_load_header(&e->ctx, &head, path, NULL));
    bytes = head.dim[0] * head.dim[1] * head.dim[2] * mv_dtype_size(head.dtype);
    EX_OK(mv_volume_wrap(&e->ctx, &p->in, room(p, &p->from, bytes), head.dtype, head.ndim < 3 ? head.ndim : 3,
                         head.dim, NULL));
    mv_volume_free(&e->ctx, &head);
    EX_OK(mv_load(&e->ctx, &p->in, path, &opt));
}
/* Slices 3 mm apart, 0.9375 mm inside, each scan a little elsewhere */
static void make_scan(pipeline *p, int which) {
    const double mm = 0.9375, slice = 3.0;
    const double a[12] = {-mm, 0, 0, 119.5, 0, -mm, 0, 119.5 + 2 * which, 0, 0, slice, -94.5 + 5 * which};
    mv_volume head = mv_volume();
    ex *e = p->e;
    mv_volume_free(&e->ctx, &p->in);
    ex_make_head(e, &head, MEDVOL_I16, 256, 256, 64, a, 15.0 + 10.0 * which);
    EX_OK(mv_volume_wrap(&e->ctx, &p->in, room(p, &p->from, (size_t)ex_bytes(&head)), MEDVOL_I16, 3, head.dim,
                         NULL));
    EX_OK(mv_volume_copy(&e->ctx, &p->in, &head));
    mv_volume_free(&e->ctx, &head);
}
static void check(pipeline *p, const char *name) {
    mv_volume want = mv_volume();
    const float *a = (const float *)p->out.data, *b;
    double far = 0, place = 0;
    size_t n, i;
    ex *e = p->e;
    on_host(p, &want);
    b = (const float *)want.data;
    for (i = 0, n = mv_volume_count(&want); i < n; i++) {
        const double d = fabs((double)a[i] - (double)b[i]);
        if (!(d <= far)) far = d;
    }
    for (i = 0; i < 12; i++) place = fmax(place, fabs(want.affine[i] - p->out.affine[i]));
    mv_volume_free(&e->ctx, &want);
    if (!(far < 1e-4 && place < 1e-9))
        ex_quit(e, EX_CHECK, "check failed: %s: %g standard deviations and %g mm from medvol.h", name, far,
                place);
}
static void write_scan(pipeline *p, const char *prefix) {
    char path[1200];
    mv_volume picture = mv_volume();
    mv_render_opt opt = mv_render_opt();
    ex *e = p->e;
    opt.mm_per_pixel = p->spacing[0];
    EX_OK(mv_render_planes(&e->ctx, &picture, &p->out, &opt));
    snprintf(path, sizeof path, "%s.nii.gz", prefix);
    EX_SAVED(mv_save(&e->ctx, &p->out, path, NULL));
    snprintf(path, sizeof path, "%s.png", prefix);
    EX_SAVED(mv_save_png(&e->ctx, &picture, path, NULL));
    mv_volume_free(&e->ctx, &picture);
}
/* folder/NAME_gpu, NAME without folders and endings */
static void name_result(char *out, size_t size, const char *folder, const char *in) {
    const char *base = in, *s;
    size_t n;
    for (s = in; *s; s++)
        if (*s == '/' || *s == '\\') base = s + 1;
    n = strlen(base);
    if (n > 3 && !strcmp(base + n - 3, ".gz")) n -= 3;
    if (n > 4 && base[n - 4] == '.') n -= 4;
    snprintf(out, size, "%s/%.*s_gpu", folder, (int)n, base);
}
static void parse_shape(ex *e, const char *s, size_t *shape) {
    char *end;
    for (int d = 0; d < 3; d++, s = end + 1) {
        const double x = strtod(s, &end);
        if (end == s || *end != (d < 2 ? ',' : 0) || !(x >= 1 && x <= 4096) || x != floor(x))
            ex_quit(e, EX_USAGE, "--shape: must be three numbers 1..4096, as 192,224,192");
        shape[d] = (size_t)x;
    }
}
static void init(pipeline *p, ex *e) {
    static const size_t standard[3] = {192, 224, 192};
    mv_cuda_desc desc = mv_cuda_desc();
    const char *s;
    size_t bytes;
    p->e = e;
    p->spacing[0] = p->spacing[1] = p->spacing[2] = ex_number(e, "--spacing", 1, 0.05, 100);
    memcpy(p->shape, standard, sizeof standard);
    if ((s = ex_text(e, "--shape")) != NULL) parse_shape(e, s, p->shape);
    if ((s = ex_text(e, "--device")) != NULL)
        desc.by_number = 1, desc.device = (int)ex_parse(e, "--device", s, 0, 1024);
    p->no_graph = ex_flag(e, "--no-graph");
    p->check = ex_flag(e, "--check");
    ON_GPU(mv_cuda_ctx_init(&p->gpu, &desc));
    if ((p->begin = ex_event_new()) == NULL || (p->end = ex_event_new()) == NULL)
        ex_quit(e, EX_CHECK, "an event cannot be made");
    bytes = p->shape[0] * p->shape[1] * p->shape[2] * sizeof(float);
    EX_OK(mv_volume_wrap(&e->ctx, &p->out, room(p, &p->to, bytes), MEDVOL_F32, 3, p->shape, NULL));
}
static void release(pipeline *p) {
    ex *e = p->e;
    forget(p);
    mv_volume_free(&e->ctx, &p->in);
    mv_volume_free(&e->ctx, &p->out);
    if (p->from.block) ON_GPU(mv_cuda_host_free(&p->gpu, p->from.block));
    ON_GPU(mv_cuda_host_free(&p->gpu, p->to.block));
    ex_event_free(p->begin);
    ex_event_free(p->end);
    ex_gpu_free(e, &p->gpu);
}

int main(int argc, char **argv) {
    static ex state;
    static pipeline all;
    ex *e = &state;
    pipeline *p = &all;
    const char *folder, *name, *const phantoms[2] = {"phantom_1", "phantom_2"};
    char prefix[1100];
    int files, count, i, replayed;
    ex_init(e, argc, argv, "pipeline_cuda", usage);
    if ((folder = ex_text(e, "--folder")) == NULL) folder = ".";
    init(p, e);
    files = e->argc - 1; /* options are gone */
    count = files ? files : 2;
    if (ex_emulated && !e->quiet) puts("# emulated: no GPU is in use, times mean nothing");
    for (i = 0; i < count; i++) {
        double ms;
        name = files ? ex_word(e) : phantoms[i];
        ex_progress(NULL, i, count, "scans");
        if (files) read_scan(p, name);
        else make_scan(p, i);
        ms = run(p, i + 1 < count, &replayed);
        if (ex_stop) ex_quit(e, EX_CANCELLED, "cancelled");
        if (p->check) check(p, name);
        name_result(prefix, sizeof prefix, folder, name);
        write_scan(p, prefix);
        if (!e->quiet) {
            ex_bar_clear();
            printf("%s: %zu x %zu x %zu %s, ", name, p->in.dim[0], p->in.dim[1], p->in.dim[2],
                   mv_dtype_name(p->in.dtype));
            if (!ex_emulated) printf("%.3f ms with the transfers, ", ms);
            printf("%s%s\n", replayed ? "replayed" : p->captured ? "captured" : "run",
                   p->check ? ", as medvol.h" : "");
        }
        if (i + 1 == count) ex_show_planes(e, &p->out, prefix);
    }
    ex_bar_clear();
    release(p);
    ex_free(e);
    return 0;
}
