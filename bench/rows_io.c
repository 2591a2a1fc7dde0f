/* rows_io.c - files and pictures. Files lie in TMPDIR and come from the page cache; nobody waits for the
   disk. */
#define BENCH_MARK_CALLS
#include "bench.h"

static double same(const bench *b, size_t i) { return bench_value(&b->in, i); }
static mv_save_opt quick(int gzip, int level, int container) {
    mv_save_opt opt = {0};
    opt.no_sync = 1;
    opt.gzip = gzip;
    opt.level = level;
    opt.container = container;
    return opt;
}

/* ---- loads ---- */
static mv_status file_setup(bench *b, const char *suffix, int gzip, int container) {
    mv_save_opt opt = quick(gzip, 6, container);
    return mv_save(b->ctx, &b->in, bench_path(b, 0, suffix), &opt);
}
static mv_status nii(bench *b) { return file_setup(b, ".nii", -1, 0); }
static mv_status gz(bench *b) { return file_setup(b, ".nii.gz", 1, MEDVOL_GZIP_PLAIN); }
static mv_status blocks(bench *b) { return file_setup(b, ".nii.gz", 1, MEDVOL_GZIP_MGZIP); }
static mv_status load(bench *b) { return mv_load(b->ctx, &b->out, b->path[0], NULL); }
static mv_status load_new(bench *b) {
    mv_volume_free(b->ctx, &b->out);
    return load(b);
}
static mv_status load_f32(bench *b) {
    mv_load_opt opt = {0};
    opt.dtype = MEDVOL_F32;
    return mv_load(b->ctx, &b->out, b->path[0], &opt);
}
static mv_status load_box(bench *b) { /* the middle half of each axis */
    mv_load_opt opt = {0};
    int d;
    opt.crop = 3;
    for (d = 0; d < 3; d++) opt.start[d] = (int64_t)b->side / 4, opt.size[d] = (int64_t)b->side / 2;
    return mv_load(b->ctx, &b->out, b->path[0], &opt);
}
static double want_box(const bench *b, size_t i) {
    size_t m = b->side / 2, o = b->side / 4, n = b->side;
    return same(b, i % m + o + n * (i / m % m + o + n * (i / m / m + o)));
}
static mv_status load_header(bench *b) {
    mv_volume v = {0};
    mv_status st = mv_load_header(b->ctx, &v, b->path[0], NULL);
    b->numbers = 1;
    b->number[0] = (double)v.dim[2];
    mv_volume_free(b->ctx, &v);
    return st;
}
static double want_side(const bench *b, size_t i) {
    (void)i;
    return (double)b->side;
}
static mv_status map_file(bench *b) { /* and the middle voxel looked at */
    mv_volume v = {0};
    mv_status st = mv_map(b->ctx, &v, b->path[0], NULL);
    b->numbers = 1;
    if (st >= 0) b->number[0] = bench_value(&v, mv_volume_count(&v) / 2);
    mv_volume_free(b->ctx, &v);
    return st;
}
static double want_middle(const bench *b, size_t i) {
    (void)i;
    return same(b, mv_volume_count(&b->in) / 2);
}
static mv_status in_memory(bench *b, int gzip) {
    mv_save_opt opt = quick(gzip, 1, 0);
    mv_buffer file;
    mv_status st = mv_save_mem(b->ctx, &file, NULL, &b->in, &opt);
    if (st >= 0) st = bench_room(b, &b->aux[0], file.bytes);
    if (st >= 0) memcpy(b->aux[0].data, file.data, file.bytes);
    mv_buffer_free(b->ctx, &file);
    return st;
}
static mv_status mem_setup(bench *b) { return in_memory(b, -1); }
static mv_status load_mem(bench *b) {
    return mv_load_mem(b->ctx, &b->out, b->aux[0].data, b->aux[0].dim[0], NULL);
}
static mv_status header_mem(bench *b) {
    mv_volume v = {0};
    mv_status st = mv_load_header_mem(b->ctx, &v, b->aux[0].data, b->aux[0].dim[0], NULL);
    b->numbers = 1;
    b->number[0] = (double)v.dim[1];
    mv_volume_free(b->ctx, &v);
    return st;
}

/* ---- saves ---- */
static mv_status target(bench *b) {
    bench_path(b, 1, ".nii");
    return MEDVOL_OK;
}
static mv_status target_gz(bench *b) {
    bench_path(b, 1, ".nii.gz");
    return MEDVOL_OK;
}
/* A file that is replaced by rename is sent to the disk by ext4, no_sync or not: that has a row of its own.
   The others write a new one; to remove the old one is the work that cutting it short is for the peers. */
static mv_status replace(bench *b) {
    mv_save_opt opt = quick(-1, 0, 0);
    return mv_save(b->ctx, &b->in, b->path[1], &opt);
}
static mv_status save(bench *b) {
    remove(b->path[1]);
    return replace(b);
}
static mv_status save_gz(bench *b) {
    mv_save_opt opt = quick(1, 1, 0);
    remove(b->path[1]);
    return mv_save(b->ctx, &b->in, b->path[1], &opt);
}
static mv_status save_i16(bench *b) { /* spread over the 16 bits */
    mv_save_opt opt = quick(-1, 0, 0);
    opt.dtype = MEDVOL_I16;
    remove(b->path[1]);
    return mv_save(b->ctx, &b->in, b->path[1], &opt);
}
static mv_status save_mem(bench *b) {
    mv_save_opt opt = quick(-1, 0, 0);
    mv_buffer file;
    mv_status st = mv_save_mem(b->ctx, &file, NULL, &b->in, &opt);
    b->numbers = 1;
    b->number[0] = (double)file.bytes;
    mv_buffer_free(b->ctx, &file);
    return st;
}
static double want_file_size(const bench *b, size_t i) {
    (void)i;
    return (double)bench_bytes(&b->in) + 352;
}
/* Does the file that was saved load as the same values, to so much of the largest? */
static int reloads(bench *b, double tolerance) {
    mv_volume v = {0};
    mv_load_opt opt = {0};
    size_t i, n = mv_volume_count(&b->in);
    int bad;
    opt.dtype = b->in.dtype;
    bad = mv_load(b->ctx, &v, b->path[1], &opt) < 0;
    for (i = 0; !bad && i < n; i++) bad = fabs(bench_value(&v, i) - same(b, i)) > tolerance;
    mv_volume_free(b->ctx, &v);
    return bad;
}
static int check_save(bench *b) { return reloads(b, 0); }
static int check_save_i16(bench *b) { return reloads(b, 0.02); } /* 1100 / 65535, and a rounding */

/* ---- arrays: NumPy's, and BART's complex ones with imaginary part 0 ---- */
static mv_status npy(bench *b) { return file_setup(b, ".npy", -1, 0); }
static mv_status cfl(bench *b) { return file_setup(b, ".cfl", -1, 0); }
static mv_status target_npy(bench *b) {
    bench_path(b, 1, ".npy");
    return MEDVOL_OK;
}
static mv_status target_cfl(bench *b) {
    bench_path(b, 1, ".cfl");
    return MEDVOL_OK;
}
static int is_complex(const bench *b, const mv_volume *v) {
    const float *p = (const float *)v->data;
    size_t i, n = mv_volume_count(&b->in);
    if (!p || v->dtype != MEDVOL_C64 || mv_volume_count(v) != n) return 0;
    for (i = 0; i < n; i++)
        if (p[2 * i] != (float)same(b, i) || p[2 * i + 1] != 0) return 0;
    return 1;
}
static int check_load_cfl(bench *b) { return !is_complex(b, &b->out); }
static int check_save_cfl(bench *b) {
    mv_volume v = {0};
    int bad = mv_load(b->ctx, &v, b->path[1], NULL) < 0 || !is_complex(b, &v);
    mv_volume_free(b->ctx, &v);
    return bad;
}
static void drop_hdr(bench *b) { /* the bench knows of the .cfl alone */
    int k;
    for (k = 0; k < 2; k++) {
        size_t n = strlen(b->path[k]);
        char name[600];
        if (n < 4 || strcmp(b->path[k] + n - 4, ".cfl") != 0) continue;
        snprintf(name, sizeof name, "%.*s.hdr", (int)n - 4, b->path[k]);
        remove(name);
    }
}

/* ---- raw MR data: a line of the volume a readout of one channel ---- */
static mv_status mrd_setup(bench *b) {
    const size_t line = 342 + 8 * b->side, lines = b->side * b->side;
    unsigned char *p;
    size_t i, k;
    mv_status st = bench_room(b, &b->aux[0], line * lines + 2);
    FILE *f;
    if (st < 0) return st;
    p = (unsigned char *)b->aux[0].data;
    memset(p, 0, line * lines + 2);
    for (i = 0; i < lines; i++, p += line) { /* little-endian, as the machine of a bench is */
        p[0] = 1008 & 255, p[1] = 1008 >> 8, p[2] = 1;
        p[36] = (unsigned char)b->side, p[37] = (unsigned char)(b->side >> 8), p[40] = 1;
        for (k = 0; k < b->side; k++) memcpy(p + 342 + 8 * k, (const float *)b->in.data + i * b->side + k, 4);
    }
    p[0] = 4;
    f = fopen(bench_path(b, 0, ".mrd"), "wb");
    st = f && fwrite(b->aux[0].data, 1, line * lines + 2, f) == line * lines + 2 ? MEDVOL_OK : MEDVOL_E_IO;
    if (f && fclose(f) != 0) st = MEDVOL_E_IO;
    return st;
}
static mv_status readouts(bench *b, mv_mrd_stream *s, mv_status st) { /* their number, and the middle one */
    mv_mrd_message m;
    size_t count = 0;
    while (st >= 0 && (st = mv_mrd_next(b->ctx, s, &m)) >= 0 && m.id == MEDVOL_MRD_ACQUISITION)
        if (count++ == b->side * b->side / 2) b->number[1] = m.samples[0];
    mv_mrd_close(b->ctx, s);
    b->numbers = 2;
    b->number[0] = (double)count;
    return st;
}
static mv_status mrd_file(bench *b) {
    mv_mrd_stream *s;
    mv_status st = mv_mrd_open(b->ctx, &s, b->path[0]);
    return readouts(b, s, st);
}
static mv_status mrd_mem(bench *b) {
    mv_mrd_stream *s;
    mv_status st = mv_mrd_open_mem(b->ctx, &s, b->aux[0].data, b->aux[0].dim[0]);
    return readouts(b, s, st);
}
static double want_readouts(const bench *b, size_t i) {
    const size_t lines = b->side * b->side;
    return i == 0 ? (double)lines : same(b, lines / 2 * b->side);
}

/* ---- header extensions, hooks ---- */
static mv_status extensions(bench *b) { /* ten added to a bare volume, then walked */
    mv_volume v;
    size_t at = 0, bytes;
    const void *data;
    int code, k;
    mv_status st = mv_volume_wrap(b->ctx, &v, b->in.data, b->in.dtype, 3, b->in.dim, NULL);
    for (k = 0; k < 10 && st >= 0; k++) st = mv_nifti_ext_add(b->ctx, &v, 6, "a comment", 10);
    b->numbers = 1;
    b->number[0] = mv_io_default() ? 0 : 100;
    while (st >= 0 && mv_nifti_ext_next(v.nifti, &at, &code, &data, &bytes)) b->number[0] += code;
    mv_volume_free(b->ctx, &v);
    return st;
}
static double want_60(const bench *b, size_t i) {
    (void)b, (void)i;
    return 60;
}

/* ---- pictures: the middle slice ---- */
static mv_status slice(bench *b, mv_volume *v) {
    size_t start[3] = {0, 0, b->side / 2}, size[3] = {b->side, b->side, 1};
    return mv_volume_view(b->ctx, v, &b->in, start, size);
}
static mv_status png_setup(bench *b) {
    mv_volume v;
    mv_status st = slice(b, &v);
    bench_path(b, 1, ".png");
    return st < 0 ? st : bench_room(b, &b->aux[1], mv_png_bound(&v));
}
static mv_status png_mem(bench *b) {
    mv_volume v;
    mv_status st = slice(b, &v);
    if (st >= 0 && mv_png_bound(&v) > b->aux[1].dim[0]) st = MEDVOL_E_SPACE;
    return st < 0 ? st : mv_save_png_mem(b->ctx, b->aux[1].data, b->aux[1].dim[0], &v, NULL, &b->packed);
}
static mv_status png(bench *b) {
    mv_volume v;
    mv_status st = slice(b, &v);
    return st < 0 ? st : mv_save_png(b->ctx, &v, b->path[1], NULL);
}
/* signature, width and height of a PNG; its pixels are compared with a decoder's by the tests */
static int is_png(const bench *b, const unsigned char *p, size_t n) {
    static const unsigned char head[16] = {
        0x89, 'P', 'N', 'G', 13, 10, 26, 10, 0, 0, 0, 13, 'I', 'H', 'D', 'R'};
    return n > 57 && !memcmp(p, head, 16) && (size_t)p[18] * 256 + p[19] == b->side &&
        (size_t)p[22] * 256 + p[23] == b->side && !memcmp(p + n - 8, "IEND", 4);
}
static int check_png_mem(bench *b) { return !is_png(b, (const unsigned char *)b->aux[1].data, b->packed); }
static int check_png(bench *b) {
    FILE *f = fopen(b->path[1], "rb");
    size_t n = f ? fread(b->aux[1].data, 1, b->aux[1].dim[0], f) : 0;
    if (f) fclose(f);
    return !is_png(b, (const unsigned char *)b->aux[1].data, n);
}
static mv_status render(bench *b) { return mv_render_planes(b->ctx, &b->out, &b->in, NULL); }
/* three squares in grey, not all of one shade: left to right and dark to bright, as tests/ has it in full */
static int check_render(bench *b) {
    const unsigned char *p = (const unsigned char *)b->out.data;
    size_t i, n = bench_bytes(&b->out), dark = 0, bright = 0;
    for (i = 0; i < n; i++) dark += p[i] < 16, bright += p[i] > 128;
    return b->out.dtype != MEDVOL_RGB24 || b->out.dim[0] < 3 * b->side || dark < n / 20 || bright < n / 50;
}
/* ---- affine maps as ITK's text ---- */
static const double map[12] = {1.1, -0.3, 0.1, 5, 0.4, 0.9, -0.2, -6, 0, 0.15, 1.05, 7};
static mv_status map_target(bench *b) {
    bench_path(b, 0, ".txt");
    return MEDVOL_OK;
}
static mv_status map_save(bench *b) {
    b->numbers = 1;
    return mv_affine_save(b->ctx, map, b->path[0], NULL);
}
static int check_map(bench *b) { /* LPS: of the first row x and y keep their signs, z and the shift do not */
    char text[600] = {0};
    FILE *f = fopen(b->path[0], "r");
    size_t n = f ? fread(text, 1, sizeof text - 1, f) : 0;
    if (f) fclose(f);
    return !n || !strstr(text, "Parameters: 1.1 -0.3 -0.1 0.4 0.9 0.2 0 -0.15 1.05 -5 6 7");
}
static mv_status map_numbers(bench *b, mv_status st, const double *a) {
    b->numbers = 12;
    if (st >= 0) memcpy(b->number, a, 12 * sizeof *a);
    return st;
}
static mv_status map_setup(bench *b) {
    map_target(b);
    return map_save(b);
}
static mv_status map_load(bench *b) {
    double a[12];
    return map_numbers(b, mv_affine_load(b->ctx, a, b->path[0], NULL), a);
}
static mv_status map_load_mem(bench *b) {
    static const char text[] = "#Insight Transform File V1.0\n#Transform 0\n"
                               "Transform: AffineTransform_double_3_3\n"
                               "Parameters: 1.1 -0.3 -0.1 0.4 0.9 0.2 0 -0.15 1.05 -5 6 7\n"
                               "FixedParameters: 0 0 0\n";
    double a[12];
    return map_numbers(b, mv_affine_load_mem(b->ctx, a, text, sizeof text - 1, NULL), a);
}
static double want_map(const bench *b, size_t i) {
    (void)b;
    return map[i];
}

const bench_row rows_io[] = {
    {"load nii", MEDVOL_F32, load, same, .floor = "c", .setup = nii},
    {"load nii, new memory", MEDVOL_F32, load_new, same, .floor = "c", .setup = nii},
    {"load nii as f32", MEDVOL_I16, load_f32, same, .floor = "m", .setup = nii},
    {"load nii.gz", MEDVOL_I16, load, same, .floor = "w", .setup = gz},
    {"load nii.gz, blocks", MEDVOL_I16, load, same, .floor = "w", .setup = blocks},
    {"load nii.gz as f32, blocks", MEDVOL_I16, load_f32, same, .floor = "w", .setup = blocks},
    {"load a box of nii", MEDVOL_F32, load_box, want_box, .floor = "c", .setup = nii},
    {"load a box of nii.gz, blocks", MEDVOL_I16, load_box, want_box, .floor = "w", .setup = blocks},
    {"load from memory", MEDVOL_F32, load_mem, same, .floor = "c", .setup = mem_setup},
    {"load header", MEDVOL_F32, load_header, want_side, .setup = nii},
    {"load header from memory", MEDVOL_F32, header_mem, want_side, .setup = mem_setup, .most = 1},
    {"map", MEDVOL_F32, map_file, want_middle, .setup = nii},
    {"save nii", MEDVOL_F32, save, .check = check_save, .floor = "f", .setup = target},
    {"save nii over the old file", MEDVOL_F32, replace, .check = check_save, .floor = "f", .setup = target},
    {"save nii as i16", MEDVOL_F32, save_i16, .check = check_save_i16, .floor = "rr", .setup = target},
    {"save nii.gz level 1", MEDVOL_I16, save_gz, .check = check_save, .floor = "r", .setup = target_gz},
    {"save to memory", MEDVOL_F32, save_mem, want_file_size, .floor = "r"},
    {"load npy", MEDVOL_F32, load, same, .floor = "c", .setup = npy},
    {"save npy", MEDVOL_F32, save, .check = check_save, .floor = "f", .setup = target_npy},
    {"load cfl", MEDVOL_F32, load, .check = check_load_cfl, .floor = "c", .setup = cfl, .done = drop_hdr},
    {"save cfl", MEDVOL_F32, save, .check = check_save_cfl, .setup = target_cfl, .done = drop_hdr},
    {"mrd readouts", MEDVOL_F32, mrd_file, want_readouts, .setup = mrd_setup},
    {"mrd readouts from memory", MEDVOL_F32, mrd_mem, want_readouts, .setup = mrd_setup},
    {"header extensions", MEDVOL_F32, extensions, want_60, .most = 1},
    {"png to memory", MEDVOL_F32, png_mem, .check = check_png_mem, .setup = png_setup},
    {"png to a file", MEDVOL_F32, png, .check = check_png, .setup = png_setup},
    {"render planes", MEDVOL_F32, render, .check = check_render},
    {"affine save", MEDVOL_F32, map_save, .check = check_map, .setup = map_target, .most = 1},
    {"affine load", MEDVOL_F32, map_load, want_map, .setup = map_setup, .most = 1},
    {"affine load from memory", MEDVOL_F32, map_load_mem, want_map, .most = 1},
    {0},
};
