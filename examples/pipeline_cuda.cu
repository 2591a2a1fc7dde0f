/* pipeline_cuda - scans made ready on a GPU: uploaded, resampled to 1 mm, z-normalised, aligned, downloaded;
   as .nii.gz, with a picture. What makes the first scan ready is captured as a graph, and run again for every
   further one with the same type, shape and spacing: one launch. A registration, which waits, is no part of
   it: it lays every scan on the first one, or one alone on a head of ellipsoids.

   Build:  nvcc -O2 examples/pipeline_cuda.cu medvol.o -lcufft -o pipeline_cuda
           (medvol.o: see example_cuda.h)
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
    mv_cuda_volume atlas;            /* what scans are laid on; until then without memory */
    mv_volume atlas_host;            /* with --check */
    double m[12];                    /* voxels of the atlas in voxels of iso */
    mv_cuda_graph graph;
    int captured;
    mv_volume like;                  /* the scan that the graph was made with, without its voxels */
    double voxel[12];                /* of iso, in voxels of the scan */
    void *begin, *end;
} pipeline;

/* ---- on the device: nothing here waits, so all of it can be captured ---- */

static mv_status prepare(pipeline *p) {
    mv_cuda_ctx *c = &p->gpu;
    mv_convert_opt as_stored = mv_convert_opt();
    mv_znorm_opt head = mv_znorm_opt();
    mv_status st;
    head.nonzero = as_stored.keep_scaling = 1;
    st = mv_cuda_upload(c, &p->scan, &p->in, MEDVOL_NONE, &as_stored); /* int16 is half the way of float */
    if (st >= 0) st = mv_cuda_resample_spacing(c, &p->iso, &p->scan, p->spacing, NULL);
    if (st >= 0) st = mv_cuda_znorm(c, &p->iso, &p->iso, &head);
    return st < 0 ? st : mv_cuda_clamp(c, &p->iso, &p->iso, -5, 5);
}

/* ---- this waits ---- */
static mv_register_affine_opt rigid(void) {
    mv_register_affine_opt opt = mv_register_affine_opt();
    opt.search = -1;
    opt.control.levels = 3;
    return opt;
}
/* m: voxels of the atlas in those of iso, by a map from world to world */
static void by_voxels(double *m, const double *iso, const double *map, const double *atlas) {
    double inverse[12];
    mv_affine_invert(inverse, iso); /* resampling has seen to it */
    mv_affine_mul(m, map, atlas);
    mv_affine_mul(m, inverse, m);
}
/* p->iso onto the atlas. The first scan becomes the atlas; it is registered, too, so that the workspace is as
   large as it will be when the graph is captured. */
static mv_status align(pipeline *p) {
    const int first = p->atlas.data == NULL;
    const mv_register_affine_opt opt = rigid();
    mv_cuda_ctx *c = &p->gpu;
    double map[12];
    mv_status st = MEDVOL_OK;
    if (first) st = mv_cuda_crop_or_pad(c, &p->atlas, &p->iso, p->shape, NULL);
    if (st >= 0) st = mv_cuda_register_affine(c, map, &p->atlas, &p->iso, &opt);
    if (st < 0) return st;
    if (first) return mv_cuda_volume_copy(c, &p->ready, &p->atlas);
    by_voxels(p->m, p->iso.affine, map, p->atlas.affine);
    st = mv_cuda_resample_affine(c, &p->ready, &p->iso, p->m, p->shape, NULL);
    memcpy(p->ready.affine, p->atlas.affine, sizeof p->ready.affine);
    return st;
}
/* The same by medvol.h, the scan laid where the device laid it; voxels between its map and the device's */
static double on_host(pipeline *p, mv_volume *v) {
    ex *e = p->e;
    const mv_register_affine_opt opt = rigid();
    mv_znorm_opt head = mv_znorm_opt();
    double m[12], away = 0;
    head.nonzero = 1;
    EX_OK(mv_convert(&e->ctx, v, &p->in, MEDVOL_F32, NULL));
    EX_OK(mv_resample_spacing(&e->ctx, v, v, p->spacing, NULL));
    EX_OK(mv_znorm(&e->ctx, v, v, &head));
    EX_OK(mv_clamp(&e->ctx, v, v, -5, 5));
    if (!p->atlas_host.data) {
        EX_OK(mv_crop_or_pad(&e->ctx, v, v, p->shape, NULL));
        return 0;
    }
    EX_OK(mv_register_affine(&e->ctx, m, &p->atlas_host, v, &opt));
    by_voxels(m, v->affine, m, p->atlas_host.affine);
    for (int i = 0; i < 3; i++) { /* at the far corner and at the near one */
        double d = m[4 * i + 3] - p->m[4 * i + 3];
        away = fmax(away, fabs(d));
        for (int k = 0; k < 3; k++) d += (m[4 * i + k] - p->m[4 * i + k]) * (double)(p->shape[k] - 1);
        away = fmax(away, fabs(d));
    }
    EX_OK(mv_resample_affine(&e->ctx, v, v, p->m, p->shape, NULL));
    memcpy(v->affine, p->atlas_host.affine, sizeof v->affine);
    return away;
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
    if (*replayed) {
        ON_GPU(mv_cuda_graph_launch(&p->gpu, &p->graph));
        mv_affine_mul(p->iso.affine, p->in.affine, p->voxel);
    } else {
        ON_GPU(prepare(p)); /* makes volumes and workspace */
        EX_OK(mv_affine_invert(inverse, p->in.affine));
        mv_affine_mul(p->voxel, inverse, p->iso.affine);
    }
    ON_GPU(align(p));
    ON_GPU(mv_cuda_download(&p->gpu, &p->out, &p->ready, MEDVOL_NONE, NULL));
    if (!ex_event_record(p->end, p->gpu.stream)) ex_quit(e, EX_CHECK, "an event cannot be recorded");
    ON_GPU(mv_cuda_sync(&p->gpu));
    if (!*replayed && more && !p->no_graph) {
        ON_GPU(mv_cuda_capture_begin(&p->gpu));
        ON_GPU(prepare(p));
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
/* What the next scans are laid on, and on the host, too, for their checks */
static void keep_atlas(pipeline *p) {
    ex *e = p->e;
    if (p->check && !p->atlas_host.data) EX_OK(mv_volume_copy(&e->ctx, &p->atlas_host, &p->out));
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
    double far = 0, place = 0, away;
    size_t n, i;
    ex *e = p->e;
    away = on_host(p, &want);
    b = (const float *)want.data;
    for (i = 0, n = mv_volume_count(&want); i < n; i++) {
        const double d = fabs((double)a[i] - (double)b[i]);
        if (!(d <= far)) far = d;
    }
    for (i = 0; i < 12; i++) place = fmax(place, fabs(want.affine[i] - p->out.affine[i]));
    mv_volume_free(&e->ctx, &want);
    if (!(far < 1e-4 && place < 1e-9 && away < 0.05))
        ex_quit(e, EX_CHECK,
                "check failed: %s: %g standard deviations, %g mm from medvol.h, laid %g voxels apart", name,
                far, place, away);
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
    char stem[400];
    ex_stem(stem, sizeof stem, in);
    snprintf(out, size, "%s/%s_gpu", folder, stem);
}
/* one/t1.nii.gz and two/t1.nii.gz would be one result */
static void differ(ex *e, const char *folder, const char *const *names, int files) {
    char a[1100], b[1100];
    for (int i = 0; i < files; i++) {
        name_result(a, sizeof a, folder, names[i]);
        for (int k = 0; k < i; k++) {
            name_result(b, sizeof b, folder, names[k]);
            if (!strcmp(a, b) && strcmp(names[k], names[i]) != 0)
                ex_quit(e, EX_USAGE, "%s and %s: both would be %s.nii.gz", names[k], names[i], a);
        }
    }
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
        desc.by_number = 1, desc.device = (int)ex_parse_whole(e, "--device", s, 0, 1024);
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
    mv_cuda_volume_free(&p->gpu, &p->atlas);
    mv_volume_free(&e->ctx, &p->atlas_host);
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
    const char **names = (const char **)calloc((size_t)argc + 1, sizeof *names);
    char prefix[1100];
    int files = 0, count, i, replayed;
    ex_init(e, argc, argv, "pipeline_cuda", usage);
    if (!names) ex_quit(e, EX_MEMORY, "no memory");
    if ((folder = ex_prefix(e, "--folder")) == NULL) folder = ".";
    init(p, e);
    while ((name = ex_word(e)) != NULL) names[files++] = name;
    differ(e, folder, names, files);
    count = files ? files : 2;
    if (files == 1) { /* alone: a phantom is what it is laid on */
        make_scan(p, 1);
        run(p, 0, &replayed);
        keep_atlas(p);
    }
    if (ex_emulated && !e->quiet) puts("# emulated: no GPU is in use, times mean nothing");
    for (i = 0; i < count; i++) {
        double ms;
        name = files ? names[i] : phantoms[i];
        ex_progress(NULL, i, count, "scans");
        if (files) read_scan(p, name);
        else make_scan(p, i);
        ms = run(p, i + 1 < count, &replayed);
        if (ex_stop) ex_quit(e, EX_CANCELLED, "cancelled");
        if (p->check) check(p, name);
        keep_atlas(p);
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
    free(names);
    ex_free(e);
    return 0;
}
