/* test_oom.c - every public function with its first, second, ... allocation refused, once and from then on.
   After each refusal: MEDVOL_E_NOMEM with a message, nothing leaked (blocks, files, maps), every output and
   every file as it was, and the same call on the same context then gives the result it should. A function
   that needs no memory shows that: it succeeds with everything refused, and asks for nothing.
   `make oom` links it with -DOOM_SITES, so that malloc, mmap and what threads need are refused as well, and
   wants each place of the header that asks for any of them to have been refused (tests/oom.sh).
   To add a function: an operation below and its row in the table. */
#define API_KIND T_OOM
#define API_MET R.on /* a call counts while memory can be refused */
#include "test.h"
#include "shift_metric.h"

/* ---- what can be refused ---- */
static struct {
    int on;                        /* set around the calls under test */
    size_t asked, refuse, refused; /* asks so far; the one to refuse (0: none); refused in all */
    int forever;                   /* and all after it */
    const mv_ctx *ctx;             /* of the calls: no job may ask for memory */
    size_t in_jobs;
} R;
typedef struct { size_t blocks, files, temps, maps, threads, locks; } held; /* what is to be given back */
static held H;

#ifdef OOM_SITES
static void *sites[512];
static size_t nsites;
static void site(void *at) {
    size_t i;
    for (i = 0; i < nsites && sites[i] != at; i++) {}
    if (at && i == nsites && nsites < sizeof sites / sizeof *sites) sites[nsites++] = at;
}
#  define CALLER(n) __builtin_return_address(n)
void *__real_malloc(size_t n);
#  define malloc(n) __real_malloc(n)
#else
static void site(void *at) { (void)at; }
#  define CALLER(n) NULL
#endif
static int refuse(void *at) {
    if (!R.on) return 0;
    R.in_jobs += R.ctx && R.ctx->busy;
    R.asked++;
    if (!R.refuse || R.asked < R.refuse || (!R.forever && R.asked > R.refuse)) return 0;
    site(at);
    R.refused++;
    return 1;
}
static void *take(void *user, size_t n) {
    void *p;
    (void)user;
    if (refuse(CALLER(1))) return NULL; /* the place that called mv__alloc */
    if ((p = malloc(n)) == NULL) abort();
    H.blocks++;
    return p;
}
static void give(void *user, void *p) {
    (void)user;
    H.blocks -= p != NULL;
    free(p);
}
#ifdef OOM_SITES
#  include <errno.h>
#  include <pthread.h>
#  include <sys/mman.h>
#  define WRAP(result, name, parameters, arguments, refusal, what)                                           \
      result __real_##name parameters;                                                                       \
      result __wrap_##name parameters;                                                                       \
      result __wrap_##name parameters {                                                                      \
          if (refuse(CALLER(0))) return refusal;                                                             \
          what++;                                                                                            \
          return __real_##name arguments;                                                                    \
      }
#  define WRAP_BACK(name, parameters, arguments, what)                                                       \
      int __real_##name parameters;                                                                          \
      int __wrap_##name parameters;                                                                          \
      int __wrap_##name parameters {                                                                         \
          what--;                                                                                            \
          return __real_##name arguments;                                                                    \
      }
static size_t uncounted; /* blocks of malloc and maps: contexts and files count theirs above and below */
WRAP(void *, malloc, (size_t n), (n), NULL, uncounted)
/* what glibc calls mmap where files may be larger than 2 GiB */
WRAP(void *, mmap64, (void *p, size_t n, int prot, int flags, int fd, off_t at), (p, n, prot, flags, fd, at),
    (errno = ENOMEM, MAP_FAILED), uncounted)
WRAP(int, pthread_create, (pthread_t *t, const pthread_attr_t *a, void *(*f)(void *), void *p), (t, a, f, p),
    EAGAIN, H.threads)
WRAP(int, pthread_mutex_init, (pthread_mutex_t *m, const pthread_mutexattr_t *a), (m, a), ENOMEM, H.locks)
WRAP(int, pthread_cond_init, (pthread_cond_t *c, const pthread_condattr_t *a), (c, a), ENOMEM, H.locks)
WRAP_BACK(pthread_join, (pthread_t t, void **result), (t, result), H.threads)
WRAP_BACK(pthread_mutex_destroy, (pthread_mutex_t *m), (m), H.locks)
WRAP_BACK(pthread_cond_destroy, (pthread_cond_t *c), (c), H.locks)
#endif

/* The platform's files, counted; a map can be refused; the first room for a path is always too small. */
static const mv_io *disk;
static mv_io files;
static int file_open(void *user, const char *path, int mode, void **file) {
    int st = disk->open(user, path, mode, file);
    H.files += st >= 0;
    H.temps += st >= 0 && mode != MEDVOL_IO_READ;
    return st;
}
static int file_close(void *user, void *file) {
    H.files--;
    return disk->close(user, file);
}
static int file_rename(void *user, const char *from, const char *to) {
    int st = disk->rename(user, from, to);
    H.temps -= st >= 0;
    return st;
}
static int file_remove(void *user, const char *path) {
    int st = disk->remove(user, path);
    H.temps -= st >= 0;
    return st;
}
static int file_link(void *user, const char *path, const char *other) {
    int st = disk->link(user, path, other);
    H.temps += st >= 0;
    return st;
}
static int file_resolve(void *user, const char *path, char *buf, size_t size) {
    return size < strlen(path) + 100 ? (int)MEDVOL_E_SPACE : disk->resolve(user, path, buf, size);
}
static int file_map(void *user, void *file, uint64_t bytes, void **address) {
    int st = refuse(NULL) ? (int)MEDVOL_E_NOMEM : disk->map(user, file, bytes, address);
    H.maps += st >= 0;
    return st;
}
static void file_unmap(void *user, void *address, uint64_t bytes) {
    H.maps--;
    disk->unmap(user, address, bytes);
}
static void files_init(void) {
    disk = T_FILES;
    files = *disk;
    files.open = file_open;
    files.close = file_close;
    files.rename = file_rename;
    files.remove = file_remove;
    if (disk->resolve) files.resolve = file_resolve;
    if (disk->link) files.link = file_link;
    if (disk->map) files.map = file_map, files.unmap = file_unmap;
}

/* The calls under test stand in TRY, or between R.on = 1 and tried(status): elsewhere nothing is refused. */
static mv_status tried(mv_status st) {
    R.on = 0;
    return st;
}
#define TRY(call) (R.on = 1, tried(call))

/* ---- inputs: made without the failing hooks ---- */
enum { NX = 13, NY = 11, NZ = 9, N = NX * NY * NZ, BIG = 17 * MEDVOL_STATS_CHUNK + 1 };
static mv_volume whole, part, series, coarse, one, pixels, rgb, grid, wide, taps, spectrum, wave;
static mv_volume lines, sens, kspace, kwide, image, gmap, coils, coil_image, move, knots, column;
static mv_volume still, moved, flat, flat_moved, gentle, inverted, streams;
static mv_transform chain[4], back[3];
static mv_buffer plain, packed, pair_head, pair_img, many, chunky, gzip_like, like_head, cfl_head, cfl, npy,
    stream, affine_gz;
static const char affine_text[] = "#Insight Transform File V1.0\nTransform: AffineTransform_double_3_3\n"
                                  "Parameters: 1 0 0 0 1 0 0 0 2 3 4 5\nFixedParameters: 1 2 3\n";
static mv_volume points, pair_points, star,
    spoke_data; /* spokes; the same as pairs; many; data on the first */
static float numbers[N];
static uint8_t mask[N], big[BIG], analyze[348];
static const double fine[3] = {1.1, 1.2, 0.9},
                    near_it[12] = {0.99, 0.02, 0, 0.2, -0.02, 1, 0, 0, 0, 0, 1, 0.1},
                    turned[12] = {0.9, -0.2, 0.1, 1, 0.2, 0.9, -0.1, 1, 0, 0.1, 0.8, 1},
                    shrunk[12] = {1.9, -0.2, 0.1, 1, 0.2, 1.9, -0.1, 1, 0, 0.1, 1.8, 1};
static const size_t shape[4] = {12, 14, 10, 2}, small[4] = {5, 4, 6, 2};

static void must(mv_status st) {
    if (st < 0) abort();
}
static void fill(mv_volume *v, mv_dtype type, int ndim, size_t nx, size_t ny, size_t nz, size_t nt) {
    size_t dim[4], i;
    dim[0] = nx, dim[1] = ny, dim[2] = nz, dim[3] = nt;
    must(mv_volume_alloc(T_NONE, v, type, ndim, dim));
    for (i = 0; i < mv_volume_count(v); i++)
        switch (type) {
            case MEDVOL_U8: ((uint8_t *)v->data)[i] = (uint8_t)(i * 7 % 251); break;
            case MEDVOL_I16: ((int16_t *)v->data)[i] = (int16_t)(i * 31 % 997 - 300); break;
            case MEDVOL_F32: ((float *)v->data)[i] = (float)(i * 13 % 97) - 20.0f; break;
            case MEDVOL_F64: ((double *)v->data)[i] = (double)(i * 17 % 101) * 0.37 - 9.0; break;
            default: memset((uint8_t *)v->data + 3 * i, (int)(i % 256), 3); break; /* rgb24 */
        }
}
static void fill_coils(mv_volume *v, size_t nx, size_t ny, size_t nz, size_t nc) {
    const size_t dim[4] = {nx, ny, nz, nc};
    size_t i;
    must(mv_volume_alloc(T_NONE, v, MEDVOL_C64, nc > 1 ? 4 : 3, dim));
    for (i = 0; i < 2 * mv_volume_count(v); i++) ((float *)v->data)[i] = (float)(i * i * 13 % 97) - 48.0f;
}
static void make_field(mv_volume *v, mv_dtype type, size_t n) {
    const size_t dim[5] = {n, n - 1, n - 2, 1, 3};
    size_t i;
    must(mv_volume_alloc(T_NONE, v, type, 5, dim));
    for (i = 0; i < mv_volume_count(v); i++)
        if (type == MEDVOL_F32) ((float *)v->data)[i] = (float)(i * 13 % 17) * 0.1f - 0.8f;
        else ((double *)v->data)[i] = (double)(i * 11 % 19) * 0.1 - 0.9;
    v->affine[0] = 1.5, v->affine[4] = 0.2;
}
static void make_scene(mv_volume *v, size_t nz, double away) { /* to be registered */
    size_t i, j, k, n = 0;
    fill(v, MEDVOL_F32, nz > 1 ? 3 : 2, 14, 13, nz, 1);
    for (k = 0; k < nz; k++)
        for (j = 0; j < 13; j++)
            for (i = 0; i < 14; i++, n++) {
                const double x = (double)i - 6 - away, y = (double)j - 7 + away / 2,
                             z = nz > 1 ? (double)k - 5 : 0;
                ((float *)v->data)[n] =
                    (float)((90 + 20 * sin(x) * cos(y + z)) * exp(-x * x / 12 - y * y / 20 - z * z / 16));
            }
}
static void make_chain(void) {
    static const size_t vectors[5] = {14, 13, 12, 1, 3};
    size_t i;
    make_scene(&still, 12, 0), make_scene(&moved, 12, 0.6);
    make_scene(&flat, 1, 0), make_scene(&flat_moved, 1, 0.6);
    must(mv_volume_alloc(T_NONE, &inverted, MEDVOL_F32, 5, vectors));
    must(mv_volume_alloc(T_NONE, &streams, MEDVOL_F32, 5, vectors));
    make_field(&move, MEDVOL_F64, 9);
    make_field(&knots, MEDVOL_F32, 5);
    fill(&column, MEDVOL_RGB24, 3, 1, NY, NZ, 1);
    chain[0].kind = MEDVOL_TRANSFORM_AFFINE;
    memcpy(chain[0].affine, turned, sizeof turned);
    chain[1].kind = MEDVOL_TRANSFORM_FIELD, chain[1].field = &move;
    chain[2].kind = MEDVOL_TRANSFORM_BSPLINE, chain[2].field = &knots;
    chain[3] = chain[0], chain[3].inverse = 1;
    make_field(&gentle, MEDVOL_F32, 5);
    for (i = 0; i < mv_volume_count(&gentle); i++) ((float *)gentle.data)[i] *= 0.1f;
    back[0].kind = MEDVOL_TRANSFORM_VELOCITY, back[0].field = &gentle;
    back[1].kind = MEDVOL_TRANSFORM_BSPLINE, back[1].field = &gentle, back[1].inverse = 1;
    back[2].kind = MEDVOL_TRANSFORM_FIELD, back[2].field = &gentle, back[2].inverse = 1;
}
static void make_spokes(void) {
    static const size_t square[3] = {24, 24, 1};
    mv_volume wide_data = {0};
    size_t i;
    must(mv_traj_radial(T_NONE, &points, &(mv_radial_opt){.samples = 24, .shots = 6, .range = 360}));
    must(mv_volume_alloc(T_NONE, &pair_points, MEDVOL_C64, 3, points.dim));
    for (i = 0; i < mv_volume_count(&points); i++) {
        ((float *)pair_points.data)[2 * i] = (float)((double *)points.data)[i];
        ((float *)pair_points.data)[2 * i + 1] = 0;
    }
    must(
        mv_traj_radial(T_NONE, &star, &(mv_radial_opt){.samples = 2, .shots = 1100, .half = 1, .centre = 1}));
    must(mv_phantom_samples(T_NONE, &wide_data, &points, square, &(mv_phantom_opt){.coils = 2}));
    must(mv_convert(T_NONE, &spoke_data, &wide_data, MEDVOL_C128, NULL));
    mv_volume_free(T_NONE, &wide_data);
}
static struct {
    double k[3 * 40];
    float kc[6 * 40], y[2 * 40 * 3], yd[4 * 40 * 3], w[40];
    double wd[40];
    mv_volume traj, trajc, samples, wide, weights, wdouble;
    mv_nufft plan;
    mv_toeplitz toeplitz, subspace;
} nu; /* 40 samples of kspace's 5 x 6 x 2 voxels of 3 coils */
static const size_t nu_shape[3] = {5, 6, 2};
static const float nu_basis[16] = {1, 2, 3, 4, 5, 6, 7, 8, 1, 1, 1, 1, 2, 2, 2, 2};
static void nu_wrap(mv_volume *v, void *data, mv_dtype type, size_t x, size_t channels) {
    size_t dim[4] = {0, 10, 4, 0};
    dim[0] = x, dim[3] = channels;
    must(mv_volume_wrap(T_NONE, v, data, type, 4, dim, NULL));
}
static void make_nufft(void) {
    size_t i;
    for (i = 0; i < 120; i++) {
        nu.k[i] = 0.5 * (double)nu_shape[i % 3] * ((double)(i * 37 % 61) / 31 - 1);
        nu.kc[2 * i] = (float)nu.k[i];
        nu.y[2 * i] = (float)(i % 7), nu.y[2 * i + 1] = (float)(i % 5);
        nu.w[i % 40] = (float)(1 + i % 3), nu.wd[i % 40] = 1;
    }
    for (i = 0; i < 240; i++) ((double *)(void *)nu.yd)[i] = (double)nu.y[i];
    nu_wrap(&nu.traj, nu.k, MEDVOL_F64, 3, 1), nu_wrap(&nu.trajc, nu.kc, MEDVOL_C64, 3, 1);
    nu_wrap(&nu.samples, nu.y, MEDVOL_C64, 1, 3), nu_wrap(&nu.wide, nu.yd, MEDVOL_C128, 1, 3);
    nu_wrap(&nu.weights, nu.w, MEDVOL_F32, 1, 1), nu_wrap(&nu.wdouble, nu.wd, MEDVOL_F64, 1, 1);
    must(mv_nufft_init(T_NONE, &nu.plan, nu_shape, &nu.traj, NULL));
    must(mv_toeplitz_init(T_NONE, &nu.toeplitz, nu_shape, &nu.traj, NULL, NULL));
    must(mv_toeplitz_init_basis(T_NONE, &nu.subspace, nu_shape, &nu.traj, NULL, nu_basis, 2, 4, NULL));
}
static void make_volumes(void) {
    size_t i;
    const size_t start[4] = {1, 2, 1, 1}, size[4] = {NX, NY, NZ, 2};
    fill(&whole, MEDVOL_F32, 3, NX, NY, NZ, 1);
    whole.affine[1] = 0.3, whole.affine[4] = -0.2;
    must(mv_nifti_ext_add(T_NONE, &whole, 6, "a comment to carry along", 25));
    fill(&wide, MEDVOL_I16, 4, NX + 3, NY + 2, NZ + 4, 3);
    wide.slope = 0.5, wide.inter = 3.0;
    must(mv_volume_view(T_NONE, &part, &wide, start, size));
    fill(&series, MEDVOL_F64, 4, NX, NY, NZ, 2);
    fill(&coarse, MEDVOL_F32, 3, 6, 7, 5, 1);
    coarse.affine[0] = 2.0, coarse.affine[5] = 1.7;
    fill(&one, MEDVOL_U8, 1, 1, 1, 1, 1); /* a mask of one voxel counts for all */
    *(uint8_t *)one.data = 1;
    fill(&pixels, MEDVOL_F32, 2, NX, NY, 1, 1);
    fill(&rgb, MEDVOL_RGB24, 3, NX, NY, NZ, 1);
    fill(&grid, MEDVOL_U8, 3, 10, 9, 8, 1);
    grid.affine[3] = 0.5, grid.affine[1] = 0.1;
    fill(&taps, MEDVOL_F32, 3, 5, 1, 2, 1);
    must(mv_rfft(T_NONE, &spectrum, &whole, NULL));
    fill(&lines, MEDVOL_U8, 2, 1, 6, 1, 1);
    fill_coils(&sens, 5, 6, 2, 3);
    fill_coils(&kspace, 5, 6, 2, 3);
    must(mv_convert(T_NONE, &kwide, &kspace, MEDVOL_C128, NULL));
    must(mv_sense_adjoint(T_NONE, &image, &kspace, &sens, NULL));
    must(mv_volume_alloc(T_NONE, &gmap, MEDVOL_F32, 3, image.dim));
    fill_coils(&coils, NX, NY, NZ, 4);
    make_nufft();
    make_chain();
    make_spokes();
    fill_coils(&coil_image, NX, NY, NZ, 1);
    must(mv_fft(T_NONE, &wave, &whole, &(mv_fft_opt){.flags = MEDVOL_FFT_CENTERED}));
    for (i = 0; i < N; i++) numbers[i] = (float)(i % 89) * 0.7f - 11.0f, mask[i] = i % 3 != 0;
    for (i = 0; i < BIG; i++) big[i] = (uint8_t)(i * 11 % 255);
}
static mv_buffer pack(const void *data, size_t n, size_t member) {
    mv_gzip_opt o;
    mv_buffer b;
    memset(&o, 0, sizeof o);
    o.member = member;
    if ((b.data = malloc(mv_gzip_bound(n, &o))) == NULL) abort();
    must(mv_gzip_pack(T_NONE, b.data, mv_gzip_bound(n, &o), data, n, &o, &b.bytes));
    return b;
}
static void write_file(const char *name, const void *data, size_t n) {
    FILE *f = fopen(t_path(name), "wb");
    if (!f || fwrite(data, 1, n, f) != n || fclose(f) != 0) abort();
}
static void make_files(void) {
    mv_save_opt o;
    memset(&o, 0, sizeof o);
    o.big_endian = T_BIG_ENDIAN; /* a map takes no other */
    must(mv_save_mem(T_NONE, &plain, NULL, &whole, &o));
    o.pair = 1;
    must(mv_save_mem(T_NONE, &pair_head, &pair_img, &whole, &o));
    memcpy(analyze, pair_head.data, sizeof analyze);
    memset(analyze + 344, 0, 4); /* no magic */
    must(mv_save_mem(T_NONE, &like_head, &gzip_like, &pixels, &o));
    memcpy(gzip_like.data, "\x1f\x8b\x08", 3); /* bare voxels that begin as gzip does */
    o.pair = 0;
    o.gzip = 1;
    must(mv_save_mem(T_NONE, &packed, NULL, &whole, &o));
    o.form = MEDVOL_FORM_NPY;
    must(mv_save_mem(T_NONE, &npy, NULL, &whole, &o)); /* gzip, too */
    o.gzip = 0;
    o.big_endian = 0;
    o.form = MEDVOL_FORM_CFL;
    must(mv_save_mem(T_NONE, &cfl_head, &cfl, &whole, &o));
    stream = pack("\3\0\5\0\0\0<xml>\4\0", 13, 100); /* raw MR data: a header and the end */
    affine_gz = pack(affine_text, strlen(affine_text), 100);
    many = pack(plain.data, plain.bytes, 32);
    chunky = pack(plain.data, plain.bytes, 1000);
    write_file("oom_in.nii", plain.data, plain.bytes);
    if (mv_field_save(T_NONE, &move, t_path("oom_field.nii.gz"), NULL) < 0) abort();
    if (mv_affine_save(T_NONE, turned, t_path("oom_affine.txt"), fine) < 0) abort();
    write_file("oom_affine.txt.gz", affine_gz.data, affine_gz.bytes);
    write_file("oom_in.nii.gz", packed.data, packed.bytes);
    write_file("oom_in.npy.gz", npy.data, npy.bytes);
    write_file("oom_arr.hdr", cfl_head.data, cfl_head.bytes);
    write_file("oom_arr.cfl", cfl.data, cfl.bytes);
    write_file("oom_in.mrd", stream.data, stream.bytes);
    write_file("oom_many.nii.gz", many.data, many.bytes);
    write_file("oom_pair.hdr", pair_head.data, pair_head.bytes);
    write_file("oom_pair.img", pair_img.data, pair_img.bytes);
    write_file("oom_like.hdr", like_head.data, like_head.bytes);
    write_file("oom_like.img", gzip_like.data, gzip_like.bytes);
}
static void free_inputs(void) {
    mv_volume *v[] = {&whole, &wide, &series, &coarse, &one, &pixels, &rgb, &grid, &taps, &spectrum,
        &wave, &lines, &sens, &kspace, &kwide, &image, &gmap, &coils, &coil_image, &move, &knots, &column,
        &still, &moved, &flat, &flat_moved, &gentle, &inverted, &streams, &points, &pair_points, &star,
        &spoke_data};
    mv_buffer *b[] = {
        &plain, &packed, &pair_head, &pair_img, &gzip_like, &like_head, &cfl_head, &cfl, &npy};
    size_t i;
    for (i = 0; i < sizeof v / sizeof *v; i++) mv_volume_free(T_NONE, v[i]);
    for (i = 0; i < sizeof b / sizeof *b; i++) mv_buffer_free(NULL, b[i]);
    mv_nufft_free(T_NONE, &nu.plan);
    mv_toeplitz_free(T_NONE, &nu.toeplitz), mv_toeplitz_free(T_NONE, &nu.subspace);
    free(many.data);
    free(chunky.data);
    free(stream.data);
    free(affine_gz.data);
}

/* ---- outputs: what array calls write lies in `out`; `made` is a number that comes with it. Both keep their
   pattern when a call fails (made may be 0). `spoiled`: an operation saw that something else changed. */
static union {
    double d[4096];
    float f[8192];
    uint64_t u[4096];
    size_t z[4096];
    mv_statistics s[64];
    mv_stats_part p[64];
    unsigned char b[32768];
} out;
static size_t made;
static int spoiled;
enum { PATTERN = 0x5a };

/* what can be read through a volume: fields, voxels, header */
static uint32_t volume_crc(const mv_volume *v) {
    uint32_t crc = t_crc32(0, v->affine, sizeof v->affine);
    crc = t_crc32(crc, v->dim, sizeof v->dim);
    crc = t_crc32(crc, v->stride, sizeof v->stride);
    crc = t_crc32(crc, v->step, sizeof v->step);
    crc = t_crc32(crc, &v->slope, sizeof v->slope);
    crc = t_crc32(crc, &v->inter, sizeof v->inter);
    crc = t_crc32(crc, &v->dtype, sizeof v->dtype);
    if (v->data && mv_volume_contiguous(v))
        crc = t_crc32(crc, v->data, mv_volume_count(v) * mv_dtype_size(v->dtype));
    if (v->nifti) {
        mv_nifti h = *v->nifti;
        h.ext = NULL;
        crc = t_crc32(crc, &h, sizeof h);
        crc = t_crc32(crc, v->nifti->ext, h.ext_bytes);
    }
    return crc;
}
static uint32_t file_crc(const char *path) {
    unsigned char b[4096];
    uint32_t crc = 0;
    size_t n;
    FILE *f = fopen(path, "rb");
    if (!f) return 1;
    while ((n = fread(b, 1, sizeof b, f)) > 0) crc = t_crc32(crc, b, n);
    fclose(f);
    return crc;
}

/* ---- calls that make a volume: into an empty one, one with memory, and (dst == src) onto the source ---- */
typedef mv_status (*volume_call)(mv_ctx *c, mv_volume *d, const mv_volume *s);
enum { EMPTY, HELD, SELF };
static struct {
    volume_call call;
    const mv_volume *src;
    int way, loose; /* loose: voxels of a dst with memory are undefined after an error */
} V;
static mv_status run_volume(mv_ctx *c) {
    mv_volume d, was;
    mv_status st = MEDVOL_OK;
    uint32_t crc;
    memset(&d, 0, sizeof d);
    if (V.way == SELF) st = mv_volume_copy(c, &d, V.src);
    if (V.way == HELD) {
        must(V.call(c, &d, V.src));
        if (d.map_bytes == 0 && d.data)
            memset(d.data, PATTERN, mv_volume_count(&d) * mv_dtype_size(d.dtype));
    }
    must(st);
    was = d;
    crc = volume_crc(&d);
    st = TRY(V.call(c, &d, V.way == SELF ? &d : V.src));
    if (st < 0) {
        spoiled |= memcmp(&d, &was, sizeof d) != 0;
        if (V.loose && d.data) memset(d.data, 0, mv_volume_count(&d) * mv_dtype_size(d.dtype));
        else spoiled |= crc != volume_crc(&d);
    } else out.u[0] = volume_crc(&d);
    mv_volume_free(c, &d);
    return st;
}
#define OP(name, call)                                                                                       \
    static mv_status v_##name(mv_ctx *c, mv_volume *d, const mv_volume *s) {                                 \
        (void)s;                                                                                             \
        return (call);                                                                                       \
    }
static mv_resample_opt resample_with(mv_interp k, int antialias, mv_border b) {
    mv_resample_opt o;
    memset(&o, 0, sizeof o);
    o.interp = k, o.antialias = antialias, o.border = b;
    return o;
}
#define RS(k, a, b) (&(mv_resample_opt[1]){resample_with(MEDVOL_##k, a, MEDVOL_BORDER_##b)}[0])
#define PAD(m) (&(mv_pad_opt){.mode = MEDVOL_PAD_##m})
#define Z(...) ((const size_t[]){__VA_ARGS__})
OP(copy, mv_volume_copy(c, d, s))
OP(convert, mv_convert(c, d, s, MEDVOL_I16, NULL))
OP(convert_wider, mv_convert(c, d, s, MEDVOL_F64, NULL))
OP(linear, mv_linear(c, d, s, 2, 1))
OP(clamp, mv_clamp(c, d, s, 0, 50))
OP(threshold, mv_threshold(c, d, s, 0, 50, NULL))
OP(threshold_binary, mv_threshold(c, d, s, 0, 50, &(mv_threshold_opt){.binary = 1}))
OP(gamma, mv_gamma(c, d, s, 0.7, NULL))
OP(gamma_split, mv_gamma(c, d, s, 0.7, &(mv_gamma_opt){.mode = MEDVOL_GAMMA_NORMALISED, .split = 3}))
OP(znorm, mv_znorm(c, d, s, &(mv_znorm_opt){.mask = &one}))
OP(znorm_split, mv_znorm(c, d, s, &(mv_znorm_opt){.split = 3, .nonzero = 1}))
OP(rescale, mv_rescale(c, d, s, 0, 1, NULL))
OP(rescale_split, mv_rescale(c, d, s, 0, 1, &(mv_rescale_opt){.split = 2}))
OP(rescale_pct, mv_rescale(c, d, s, 0, 1,
    &(mv_rescale_opt){.range = MEDVOL_RANGE_PERCENTILE, .lo = 1, .hi = 99, .mask = &one}))
OP(crop, mv_crop(c, d, s, Z(1, 2, 3, 0), Z(8, 7, 5, 1), NULL))
OP(pad, mv_pad(c, d, s, Z(3, 2, 1, 0), Z(1, 0, 5, 1), PAD(CONSTANT)))
OP(pad_wrap, mv_pad(c, d, s, Z(30, 2, 1, 0), Z(1, 0, 20, 1), PAD(WRAP)))
OP(pad_reflect, mv_pad(c, d, s, Z(30, 2, 1, 0), Z(1, 0, 20, 1), PAD(REFLECT)))
OP(pad_mean, mv_pad(c, d, s, Z(3, 2, 1, 0), Z(1, 0, 5, 1), PAD(MEAN)))
OP(crop_or_pad, mv_crop_or_pad(c, d, s, Z(15, 9, 9, 3), NULL))
OP(foreground, mv_crop_foreground(c, d, s, &(mv_foreground_opt){.above = 1, .threshold = 20}))
OP(foreground_by, mv_crop_foreground(c, d, s, &(mv_foreground_opt){.by = s, .margin = 1}))
OP(flip, mv_flip(c, d, s, 5))
OP(permute, mv_permute(c, d, s, (const int[4]){2, 0, 1, 3}))
OP(rot90, mv_rot90(c, d, s, 1, 0, 1))
OP(reorient, mv_reorient(c, d, s, "PSL", NULL))
OP(rs_spacing, mv_resample_spacing(c, d, s, fine, NULL))
OP(rs_spacing_cubic, mv_resample_spacing(c, d, s, fine, RS(CUBIC, 0, MIRROR)))
OP(rs_shape, mv_resample_shape(c, d, s, shape, RS(CUBIC_CONV, 0, EDGE)))
OP(rs_nearest, mv_resample_shape(c, d, s, shape, RS(NEAREST, 0, DEFAULT)))
OP(rs_small, mv_resample_shape(c, d, s, small, RS(LINEAR, 1, DEFAULT)))
OP(rs_small_cubic, mv_resample_shape(c, d, s, small, RS(CUBIC, 1, EDGE)))
OP(rs_like, mv_resample_like(c, d, s, &coarse, RS(LANCZOS, 0, CONSTANT)))
OP(rs_like_sheared, mv_resample_like(c, d, s, &grid, NULL))
OP(rs_affine, mv_resample_affine(c, d, s, turned, shape, RS(LINEAR, 0, CONSTANT)))
OP(rs_affine_nearest, mv_resample_affine(c, d, s, turned, shape, RS(NEAREST, 0, EDGE)))
OP(rs_affine_cubic, mv_resample_affine(c, d, s, turned, shape, RS(CUBIC, 0, WRAP)))
OP(rs_affine_conv, mv_resample_affine(c, d, s, shrunk, small, RS(CUBIC_CONV, 1, EDGE)))
OP(rs_affine_lanczos, mv_resample_affine(c, d, s, shrunk, small, RS(LANCZOS, 1, MIRROR)))
OP(gaussian, mv_gaussian(c, d, s, fine, NULL))
OP(gaussian_i16, mv_gaussian(c, d, s, fine, &(mv_gaussian_opt){.dtype = MEDVOL_I16}))
OP(box_mean, mv_box_mean(c, d, s, Z(2, 9, 1), &(mv_box_opt){.clip = 1}))
OP(level, mv_pyramid(c, d, 1, s, NULL))
OP(warp, mv_warp(c, d, s, &grid, chain, 4, NULL))
OP(warp_cubic, mv_warp(c, d, s, &grid, chain, 2, &(mv_warp_opt){.interp = MEDVOL_CUBIC}))
OP(warp_affine, mv_warp(c, d, s, &grid, chain, 1, NULL))
OP(warp_labels, mv_warp(c, d, &wide, &grid, chain, 2, &(mv_warp_opt){.labels = 1}))
OP(warp_colours, mv_warp(c, d, &column, &grid, chain, 2, NULL))
OP(field_exp, mv_field_exp(c, d, &move, NULL))
OP(field_exp_f32, mv_field_exp(c, d, &knots, &(mv_field_exp_opt){.inverse = 1, .steps = 3}))
OP(field_invert, mv_field_invert(c, d, &knots, &(mv_field_invert_opt){.best = 1, .iterations = 3}))
OP(field_invert_f64, mv_field_invert(c, d, &move, &(mv_field_invert_opt){.best = 1, .iterations = 2}))
static mv_status v_jacobian(mv_ctx *c, mv_volume *d, const mv_volume *s) { /* neither result or both */
    mv_jacobian_stats t, was;
    mv_status st;
    (void)s;
    memset(&t, PATTERN, sizeof t);
    was = t;
    st = mv_field_jacobian(c, d, &t, &move, NULL);
    spoiled |= st < 0 && memcmp(&t, &was, sizeof t) != 0;
    return st;
}
OP(jacobian_strict, mv_field_jacobian(c, d, NULL, &knots, &(mv_jacobian_opt){.strict = 1}))
OP(chi2_map, mv_chi2_map(c, d, &series, NULL, &(mv_chi2_opt){.sigma = 2}))
OP(ncc_map, mv_ncc_map(c, d, &still, &moved, &(mv_ncc_map_opt){.mask = &still}))
OP(ncc_map_series, mv_ncc_map(c, d, &series, &series, NULL))
OP(distance, mv_distance(c, d, &series, &(mv_distance_opt){.mode = MEDVOL_DISTANCE_SIGNED}))
OP(distance_voxels, mv_distance(c, d, &coarse, &(mv_distance_opt){.voxels = 1, .threshold = 50}))
#define LNCC(name, a, b, ...)                                                                                \
    OP(name, mv_register_lncc(c, d, &a, &b,                                                                  \
        &(mv_register_lncc_opt){.control = {.levels = 2, .iterations = 1}, __VA_ARGS__}))
LNCC(lncc, still, moved, .radius = 1)
LNCC(lncc_full, still, moved, .full = 1, .radius = 3, .start = near_it, .fixed_mask = &moved)
LNCC(lncc_gradient, still, moved, .descent = MEDVOL_DESCENT_GRADIENT, .full = 1, .momentum = -1)
LNCC(lncc_adam, flat, flat_moved, .descent = MEDVOL_DESCENT_ADAM)
LNCC(lncc_adam_full, still, moved, .descent = MEDVOL_DESCENT_ADAM, .full = 1, .fixed_mask = &still)
LNCC(lncc_flat, flat, flat_moved, .full = 1)
#define FLOW(name, a, b, ...)                                                                                \
    OP(name, mv_flow(c, d, &a, &b, &(mv_flow_opt){.control = {.levels = 2, .iterations = 1}, __VA_ARGS__}))
FLOW(flow, flat, flat_moved, .refine = 1)
FLOW(flow_fast, flat, flat_moved, .preset = MEDVOL_FLOW_FAST, .gain = 1)
FLOW(flow_solid, still, moved, .finest = 3)
FLOW(flow_tv, flat, flat_moved, .method = MEDVOL_FLOW_TVL1, .warps = 2)
FLOW(flow_poly, flat, flat_moved, .method = MEDVOL_FLOW_FARNEBACK)
/* on another grid, from a start */
static mv_status v_flow_apart(mv_ctx *c, mv_volume *d, const mv_volume *s) {
    static float some[2 * 14 * 13];
    static const size_t dim[5] = {14, 13, 1, 1, 2};
    mv_volume other = flat_moved, first;
    mv_flow_opt o;
    (void)s;
    memset(&o, 0, sizeof o);
    other.owner = NULL;
    other.affine[3] += 0.4;
    must(mv_volume_wrap(T_NONE, &first, some, MEDVOL_F32, 5, dim, NULL));
    memcpy(first.affine, flat.affine, sizeof first.affine);
    o.start = &first, o.refine = -1;
    return mv_flow(c, d, &flat, &other, &o);
}
static const double pin[6][5] = {{0, 7, 6, 1, 3}, {0, 1, 8, 7, 3}, {0, 2, 1, 3, 6}, {0.2, 7, 6.3, 1, 2.5},
    {0.1, 1.4, 8, 6.5, 3}, {0, 2.2, 1, 3.1, 5}};
#define PINS pin[0], pin[1], pin[2], pin[3], pin[4], pin[5], 5
static mv_status v_tps(mv_ctx *c, mv_volume *d, const mv_volume *s) {
    mv_tps t;
    mv_status st = mv_tps_init(c, &t, PINS, NULL);
    (void)s;
    if (st == MEDVOL_OK) st = mv_tps_field(c, d, &move, &t, &(mv_tps_field_opt){.tolerance = 1e6});
    mv_tps_free(c, &t);
    return st;
}
OP(correct, mv_field_correct(c, d, &knots, PINS, &(mv_correct_opt){.radius = 5}))
OP(correct_f64, mv_field_correct(c, d, &move, PINS, &(mv_correct_opt){.radius = 5}))
OP(mind, mv_mind_ssc(c, d, &still, NULL))
OP(mind_channels, mv_mind_ssc(c, d, &coarse, &(mv_mind_opt){.channels = 1}))
#define SEARCH(name, a, b, ...)                                                                              \
    OP(name, mv_register_search(c, d, &a, &b,                                                                \
        &(mv_register_search_opt){.search = 2, .control = {.levels = 2, .iterations = 1}, __VA_ARGS__}))
SEARCH(search, still, moved, .fixed_mask = &moved)
SEARCH(search_both, still, moved, .symmetric = 1, .start = near_it)
SEARCH(search_flat, flat, flat_moved, .grid = 3)
#define DEMONS(name, a, b, ...)                                                                              \
    OP(name, mv_register_demons(c, d, &a, &b,                                                                \
        &(mv_register_demons_opt){.control = {.levels = 2, .iterations = 1}, __VA_ARGS__}))
DEMONS(demons, still, moved, .fixed_mask = &moved)
DEMONS(demons_classic, still, moved, .variant = MEDVOL_DEMONS_CLASSIC, .momentum = -1, .start = near_it)
DEMONS(demons_flat, flat, flat_moved, .variant = MEDVOL_DEMONS_SYMMETRIC)
static mv_status v_demons_log(mv_ctx *c, mv_volume *d, const mv_volume *s) { /* all three results or none */
    mv_volume inverse = {0}, velocity = {0};
    mv_status st;
    (void)s;
    st = mv_register_demons(c, d, &still, &moved,
        &(mv_register_demons_opt){.variant = MEDVOL_DEMONS_LOG, .inverse = &inverse, .velocity = &velocity,
            .fixed_mask = &moved, .control = {.levels = 2, .iterations = 1}});
    spoiled |= st < 0 && (inverse.data || velocity.data);
    mv_volume_free(c, &inverse), mv_volume_free(c, &velocity);
    return st;
}
static mv_status v_demons_inverse(mv_ctx *c, mv_volume *d, const mv_volume *s) {
    mv_volume inverse = {0};
    mv_status st;
    (void)s;
    st = mv_register_demons(c, d, &flat, &flat_moved,
        &(mv_register_demons_opt){.inverse = &inverse, .control = {.levels = 1, .iterations = 1}});
    spoiled |= st < 0 && inverse.data;
    mv_volume_free(c, &inverse);
    return st;
}
#define TURNED .mode = MEDVOL_LNCC_SYMMETRIC, .inverse = &inverted
LNCC(lncc_inverse, still, moved, .inverse = &inverted)
LNCC(lncc_symmetric, still, moved, TURNED)
LNCC(lncc_symmetric_full, still, moved, TURNED, .full = 1, .fixed_mask = &moved, .start = near_it)
LNCC(lncc_velocity, still, moved, .mode = MEDVOL_LNCC_VELOCITY, .inverse = &inverted, .velocity = &streams)
LNCC(lncc_velocity_flat, flat, flat_moved, .mode = MEDVOL_LNCC_VELOCITY, .full = 1)
#define BSPLINE(name, a, b, ...)                                                                             \
    OP(name, mv_register_bspline(c, d, &a, &b,                                                               \
        &(mv_register_bspline_opt){.control = {.levels = 2, .iterations = 1}, __VA_ARGS__}))
BSPLINE(bspline, still, moved, .metric = MEDVOL_SSD)
BSPLINE(bspline_mutual, still, moved, .metric = MEDVOL_MI, .bins = 8, .start = near_it, .bending = -1)
BSPLINE(bspline_masks, still, moved, .fixed_mask = &still, .moving_mask = &moved, .grid = {3, 3, 2})
BSPLINE(bspline_windows, still, moved, .radius = 1)
BSPLINE(bspline_flat, flat, flat_moved, .metric = MEDVOL_NCC)
#define SAMPLED                                                                                              \
    .optimizer = MEDVOL_OPTIMIZER_ASGD,                                                                      \
    .asgd = {.number_of_spatial_samples = 50, .number_of_gradient_measurements = 1,                          \
        .number_of_jacobian_measurements = 50, .number_of_samples_for_exact_gradient = 100}
BSPLINE(bspline_asgd, still, moved, .metric = MEDVOL_SSD, .bending = 0.1, SAMPLED)
BSPLINE(bspline_asgd_masks, still, moved, .metric = MEDVOL_MI, .fixed_mask = &still, .moving_mask = &moved,
    SAMPLED)
BSPLINE(bspline_asgd_flat, flat, flat_moved, .metric = MEDVOL_NCC, SAMPLED)
/* a report is written where the result is */
#define REPORTED(name, CALL, TYPE)                                                                           \
    static mv_status v_##name(mv_ctx *c, mv_volume *d, const mv_volume *s) {                                 \
        mv_register_report rep, was;                                                                         \
        TYPE o;                                                                                              \
        mv_status st;                                                                                        \
        (void)s;                                                                                             \
        memset(&rep, PATTERN, sizeof rep);                                                                   \
        was = rep;                                                                                           \
        memset(&o, 0, sizeof o);                                                                             \
        o.control.levels = o.control.iterations = 1, o.control.report = &rep;                                \
        st = CALL(c, d, &still, &moved, &o);                                                                 \
        spoiled |= st < 0 && memcmp(&rep, &was, sizeof rep) != 0;                                            \
        return st;                                                                                           \
    }
REPORTED(bspline_report, mv_register_bspline, mv_register_bspline_opt) /* the field is made, too */
REPORTED(lncc_report, mv_register_lncc, mv_register_lncc_opt)
REPORTED(demons_report, mv_register_demons, mv_register_demons_opt)
REPORTED(search_report, mv_register_search, mv_register_search_opt)
OP(transform_field, mv_transform_field(c, d, &grid, chain, 4))
OP(transform_back, mv_transform_field(c, d, &grid, back, 3))
OP(compose, mv_compose_layers(c, d, &rgb, (const mv_layer[2]){{&rgb, NULL, 1, MEDVOL_BLEND_HUE, 0, 0},
    {&rgb, NULL, 0.5, MEDVOL_BLEND_SOFT_LIGHT, 1, 0}}, 2, NULL))
OP(compose_bare, mv_compose_layers(c, d, NULL, (const mv_layer[1]){{&pixels, &pixels, 1, MEDVOL_BLEND_NORMAL,
    0, 0}}, 1, NULL))
OP(clahe, mv_clahe(c, d, s, NULL))
OP(match, mv_match_histogram(c, d, s, &coarse, NULL))
OP(match_tables, mv_match_histogram(c, d, &grid, &one, &(mv_match_opt){.mask = &grid}))
OP(checkerboard, mv_picture_checkerboard(c, d, &rgb, &rgb, NULL))
OP(difference, mv_picture_difference(c, d, &whole, &whole, NULL))
OP(flow_colours, mv_picture_flow(c, d, &move, NULL))
OP(jacobian_colours, mv_picture_jacobian(c, d, &move, NULL))
OP(grid_lines, mv_picture_grid(c, d, &move, NULL))
OP(fft, mv_fft(c, d, s, &(mv_fft_opt){.shape = {11, 0, 40}}))
OP(rfft, mv_rfft(c, d, s, &(mv_fft_opt){.shape = {37}}))
OP(irfft, mv_irfft(c, d, &spectrum, NULL))
OP(convolve, mv_convolve(c, d, s, &taps, &(mv_convolve_opt){MEDVOL_CONV_FULL, MEDVOL_CONV_DIRECT}))
OP(convolve_fft, mv_convolve(c, d, s, &taps, &(mv_convolve_opt){MEDVOL_CONV_SAME, MEDVOL_CONV_FFT}))
OP(convolve_complex, mv_convolve(c, d, &spectrum, &taps, &(mv_convolve_opt){0, MEDVOL_CONV_DIRECT}))
OP(correlate, mv_correlate(c, d, s, &taps, NULL))
OP(sense_forward, mv_sense_forward(c, d, &image, &sens, NULL))
OP(sense_adjoint, mv_sense_adjoint(c, d, &kspace, &sens, &lines))
OP(sense_copies, mv_sense_adjoint(c, d, &kwide, &sens, &lines))
OP(cg_sense, mv_cg_sense(c, d, &kspace, &sens, &(mv_cg_sense_opt){.iterations = 1, .lambda = 1}))
OP(sense, mv_sense(c, d, &kspace, &sens, &(mv_sense_opt){.accel = {2}, .lambda = 1, .gfactor = &gmap}))
/* iterative reconstruction: of the same coils; spokes; a field; two coefficients of two frames */
static mv_volume it_traj, it_weights, it_samples, it_field, it_times, it_basis, it_series, it_pair,
    it_twice;
static const mv_encoding_desc *it_desc(int radial, int field, int basis) {
    static mv_encoding_desc d;
    const size_t k[3] = {3, 9, 7}, w[3] = {1, 9, 7}, y[4] = {1, 9, 7, 3}, t[1] = {5}, b[2] = {2, 2};
    const size_t s[5] = {5, 6, 2, 3, 2};
    const size_t p[4] = {5, 6, 2, 2}, v[5] = {1, 9, 7, 1, 2};
    size_t i;
    if (!it_traj.data) {
        must(mv_volume_alloc(T_NONE, &it_traj, MEDVOL_F64, 3, k));
        must(mv_volume_alloc(T_NONE, &it_weights, MEDVOL_F64, 3, w));
        must(mv_volume_alloc(T_NONE, &it_samples, MEDVOL_C64, 4, y));
        must(mv_volume_alloc(T_NONE, &it_times, MEDVOL_F64, 1, t));
        must(mv_volume_alloc(T_NONE, &it_basis, MEDVOL_F64, 2, b));
        must(mv_volume_alloc(T_NONE, &it_series, MEDVOL_C64, 5, s));
        must(mv_volume_alloc(T_NONE, &it_pair, MEDVOL_C64, 4, p));
        must(mv_volume_alloc(T_NONE, &it_field, MEDVOL_F64, 3, s));
        for (i = 0; i < 63; i++) {
            double *q = (double *)it_traj.data + 3 * i;
            q[0] = (double)(i % 9) / 2 - 2, q[1] = (double)(i * 7 % 11) / 2 - 2.5, q[2] = (double)(i % 5) / 4 - 0.5;
            ((double *)it_weights.data)[i] = 1 + (double)(i % 3);
        }
        for (i = 0; i < 2 * 189; i++) ((float *)it_samples.data)[i] = (float)(i * 13 % 97) - 48.0f;
        for (i = 0; i < 720; i++) ((float *)it_series.data)[i] = (float)(i * 17 % 97) - 48.0f;
        must(mv_volume_alloc(T_NONE, &it_twice, MEDVOL_F64, 5, v));
        for (i = 0; i < 126; i++) ((double *)it_twice.data)[i] = 1 + (double)(i % 5);
        for (i = 0; i < 240; i++) ((float *)it_pair.data)[i] = (float)(i * 19 % 97) - 48.0f;
        for (i = 0; i < 60; i++) ((double *)it_field.data)[i] = (double)(i % 7);
        for (i = 0; i < 5; i++) ((double *)it_times.data)[i] = 0.01 * (double)i;
        for (i = 0; i < 4; i++) ((double *)it_basis.data)[i] = 1 - 0.4 * (double)i;
    }
    memset(&d, 0, sizeof d);
    d.maps = &sens;
    if (radial) d.traj = &it_traj, d.weights = basis ? &it_twice : &it_weights, d.tolerance = 1e-2, d.oversampling = 2;
    else d.mask = &lines;
    if (field) d.field = &it_field, d.times = &it_times, d.segments = 2;
    if (basis) d.basis = &it_basis, d.frames = 2;
    return &d;
}
enum { IT_FORWARD, IT_ADJOINT, IT_NORMAL, IT_WEIGH };
static mv_status it_encode(mv_ctx *c, mv_volume *d, const mv_volume *s, const mv_encoding_desc *q, int call) {
    mv_encoding e;
    mv_status st = mv_encoding_init(c, &e, q);
    spoiled |= st < 0 && e.tables;
    if (st < 0) return st;
    if (call == IT_FORWARD) st = mv_encoding_forward(c, &e, d, s);
    else if (call == IT_ADJOINT) st = mv_encoding_adjoint(c, &e, d, s);
    else if (call == IT_NORMAL) st = mv_encoding_normal(c, &e, d, s);
    else st = mv_encoding_weigh(c, &e, d, s);
    mv_encoding_free(c, &e);
    return st;
}
OP(encode_mask, it_encode(c, d, &image, it_desc(0, 0, 0), IT_FORWARD))
OP(encode_field, it_encode(c, d, &kspace, it_desc(0, 1, 0), IT_ADJOINT))
OP(encode_basis, it_encode(c, d, &it_pair, it_desc(0, 0, 1), IT_NORMAL))
OP(encode_weigh, it_encode(c, d, &it_samples, it_desc(1, 0, 0), IT_WEIGH))
OP(encode_radial, it_encode(c, d, &image, it_desc(1, 0, 0), IT_NORMAL))
OP(encode_radial_basis, it_encode(c, d, &it_pair, it_desc(1, 0, 1), IT_NORMAL))
OP(wavelet, mv_wavelet_forward(c, d, &image, &(mv_wavelet_opt){.levels = 1}))
OP(wavelet_back, mv_wavelet_inverse(c, d, &image, &(mv_wavelet_opt){.levels = 1, .shift = {1, 1, 1}}))
static mv_status it_recon(mv_ctx *c, mv_volume *d, const mv_volume *y, const mv_encoding_desc *q, int solver, int kind) {
    mv_reg r = {.kind = kind, .lambda = 0.01, .joint = kind == MEDVOL_REG_LLR ? 8 : 0};
    return mv_recon(c, d, y, q, &(mv_recon_opt){.solver = solver, .solve = {.lambda = 0.1, .iterations = 1,
        .regs = &r, .reg_count = kind > 0, .check = solver == MEDVOL_SOLVER_CG}});
}
OP(recon_cg, it_recon(c, d, &kwide, &(mv_encoding_desc){.maps = &sens}, MEDVOL_SOLVER_CG, 0))
OP(recon_lsmr, it_recon(c, d, &kspace, it_desc(0, 0, 0), MEDVOL_SOLVER_LSMR, 0))
OP(recon_fista, it_recon(c, d, &it_samples, it_desc(1, 0, 0), MEDVOL_SOLVER_FISTA, MEDVOL_REG_WAVELET))
OP(recon_admm, it_recon(c, d, &kspace, it_desc(0, 0, 0), MEDVOL_SOLVER_ADMM, MEDVOL_REG_TV))
OP(recon_pdhg, it_recon(c, d, &kspace, it_desc(0, 0, 0), MEDVOL_SOLVER_PDHG, MEDVOL_REG_L1))
OP(recon_series, it_recon(c, d, &it_series, &(mv_encoding_desc){.maps = &sens}, 0, MEDVOL_REG_LLR))
static mv_status v_prox(mv_ctx *c, mv_volume *d, const mv_volume *s) {
    (void)s;
    return mv_prox(c, d, &image, &(mv_reg){.kind = MEDVOL_REG_TV, .lambda = 1}, 1);
}
OP(nufft_forward, mv_nufft_forward(c, &nu.plan, d, &kspace))
OP(nufft_forward_wide, mv_nufft_forward(c, &nu.plan, d, &kwide))
OP(nufft_adjoint, mv_nufft_adjoint(c, &nu.plan, d, &nu.wide, &nu.wdouble))
OP(nudft_forward, mv_nudft_forward(c, d, &kspace, &nu.trajc))
OP(nudft_adjoint, mv_nudft_adjoint(c, d, &nu.samples, &nu.traj, &nu.weights, nu_shape))
OP(grid_forward, mv_grid_forward(c, d, &kspace, &nu.traj, NULL))
OP(grid_adjoint, mv_grid_adjoint(c, d, &nu.wide, &nu.trajc, &nu.wdouble, nu_shape, NULL))
OP(dcf_pipe, mv_dcf_pipe(c, d, &nu.trajc, nu_shape, &(mv_dcf_pipe_opt){2}))
OP(toeplitz_normal, mv_toeplitz_normal(c, &nu.toeplitz, d, &kwide))
OP(traj_radial, mv_traj_radial(c, d, &(mv_radial_opt){.samples = 8, .shots = 5}))
OP(traj_koosh, mv_traj_koosh(c, d, &(mv_koosh_opt){.samples = 8, .shots = 5}))
OP(traj_stack, mv_traj_stack(c, d, &points, &(mv_stack_opt){.partitions = 2}))
OP(traj_spiral, mv_traj_spiral(c, d, &(mv_spiral_opt){.shots = 2, .size = 8, .limits = {.dwell = 2e-5}}))
OP(traj_cones, mv_traj_cones(c, d, &(mv_cones_opt){.size = 4, .cones = 2, .limits = {.dwell = 2e-5}}))
OP(traj_rosette, mv_traj_rosette(c, d, &(mv_rosette_opt){.samples = 8, .shots = 5, .size = 8}))
OP(traj_epi, mv_traj_epi(c, d, &(mv_epi_opt){.samples = 8, .lines = 5}))
OP(traj_convert, mv_traj_convert(c, d, &pair_points, 0, 1, Z(8, 8, 8), NULL)) /* complex: real parts */
OP(traj_delay, mv_traj_delay(c, d, &points, (const double[6]){1}))
OP(traj_select, mv_traj_select(c, d, &points, (const uint32_t[2]){1, 0}, 2))
OP(traj_bin, mv_traj_bin(c, d, &points, (const uint32_t[6]){1, 0, 1, 0, 0, 1}, 2, 0))
OP(dcf_radial, mv_dcf_radial(c, d, &points))
OP(dcf_angular, mv_dcf_angular(c, d, &pair_points))
OP(dcf_cells, mv_dcf_cells(c, d, &points, 0))
OP(dcf_voronoi, mv_dcf_voronoi(c, d, &points, NULL))
OP(dcf_large, mv_dcf_voronoi(c, d, &star, NULL)) /* a cell of more sides than there is room for at first */
OP(phantom_samples, mv_phantom_samples(c, d, &points, Z(9, 9, 1), &(mv_phantom_opt){.coils = 2}))
static double mixture[2 * 4 * 4];
static const double *mixing(int definite) {
    size_t i;
    for (i = 0; i < 32; i++) mixture[i] = i % 10 == 0 ? 4 : definite ? 0 : (double)i;
    return mixture;
}
OP(coil_rss, mv_coil_rss(c, d, &coils, NULL))
OP(coil_combine, mv_coil_combine(c, d, &coils, &coils, &(mv_coil_combine_opt){1}))
OP(coil_expand, mv_coil_expand(c, d, &coil_image, &coils, NULL))
OP(coil_whiten, mv_coil_whiten(c, d, &coils, mixing(1)))
OP(coil_apply, mv_coil_apply(c, d, &coils, mixing(0), 3))
OP(coil_compress, mv_coil_compress(c, d, &coils, 2, NULL))
static double turns[2 * 2 * 4 * NX];
OP(coil_gcc, mv_coil_gcc_apply(c, d, &coils, turns, 2))
OP(coil_walsh, mv_coil_walsh(c, d, &coils, &(mv_coil_walsh_opt){.virtual_phase = 1}))
OP(coil_inati, mv_coil_inati(c, d, &coils, NULL))
static mv_status v_coil_inati_image(mv_ctx *c, mv_volume *d, const mv_volume *s) { /* both results or none */
    mv_volume combined = {0};
    const mv_status st = mv_coil_inati(c, d, &coils, &(mv_coil_inati_opt){.image = &combined});
    (void)s;
    spoiled |= st < 0 && combined.data != NULL;
    mv_volume_free(c, &combined);
    return st;
}
OP(coil_lowres, mv_coil_lowres(c, d, &coils, NULL))
OP(espirit, mv_espirit(c, d, &coils, &(mv_espirit_opt){.kernel = {3, 3, 3}, .virtual_phase = 1}))
OP(ks_window, mv_kspace_window(c, d, s, &(mv_window_opt){.kind = MEDVOL_WINDOW_TUKEY}))
OP(ks_radial, mv_kspace_window(c, d, s, &(mv_window_opt){.kind = MEDVOL_WINDOW_FERMI, .radial = 1}))
OP(ks_resize, mv_kspace_resize(c, d, s, Z(7, 30, 9)))
OP(mask_uniform, mv_mask_uniform(c, d, Z(7, 6, 5), NULL))
OP(mask_poisson, mv_mask_poisson(c, d, Z(1, 16, 15), NULL))
OP(mask_golden, mv_mask_golden(c, d, Z(2, 9, 5), NULL))
OP(phantom_image, mv_phantom_image(c, d, Z(7, 6, 5), NULL))
OP(phantom_kspace, mv_phantom_kspace(c, d, Z(7, 6, 1), &(mv_phantom_opt){.coils = 2}))
OP(phantom_sens, mv_phantom_sens(c, d, Z(7, 6, 1), &(mv_phantom_opt){.coils = 3}))
OP(homodyne, mv_homodyne(c, d, &wave, 1, NULL))
OP(pocs, mv_pocs(c, d, &wave, 2, &(mv_pocs_opt){.iterations = 1}))
OP(epi_ghost, mv_epi_ghost(c, d, &wave, (const double[]){0.5, 0.1}))
OP(epi_ramp, mv_epi_ramp(c, d, &wave, 7, &(mv_epi_timing){.flat = 1, .dwell = 1.0 / 64}))
OP(unring, mv_unring(c, d, &wave, &(mv_unring_opt){.axes = 3, .shifts = 2, .first = 1, .last = 1}))
OP(planes, mv_render_planes(c, d, s, NULL))
OP(planes_rgb, mv_render_planes(c, d, &rgb, NULL))
OP(load, mv_load_mem(c, d, plain.data, plain.bytes, NULL))
OP(load_gzip, mv_load_mem(c, d, packed.data, packed.bytes, NULL))
OP(load_many, mv_load_mem(c, d, many.data, many.bytes, NULL))
OP(load_as, mv_load_mem(c, d, chunky.data, chunky.bytes, &(mv_load_opt){.dtype = MEDVOL_F64}))
#define BOX .crop = 3, .start = {3, 4, 5}, .size = {6, 5, 2}
OP(load_crop, mv_load_mem(c, d, packed.data, packed.bytes, &(mv_load_opt){BOX}))
OP(load_crop_chunky, mv_load_mem(c, d, chunky.data, chunky.bytes, &(mv_load_opt){BOX, .dtype = MEDVOL_I16}))
OP(load_partial, mv_load_mem(c, d, plain.data, plain.bytes - 99, &(mv_load_opt){.partial = 1, .fill = 7}))
OP(load_pair, mv_load_mem(c, d, pair_head.data, pair_head.bytes,
    &(mv_load_opt){.img = pair_img.data, .img_bytes = pair_img.bytes}))
OP(load_analyze, mv_load_mem(c, d, analyze, sizeof analyze,
    &(mv_load_opt){.analyze = 1, .img = pair_img.data, .img_bytes = pair_img.bytes}))
OP(load_like_gzip, mv_load_mem(c, d, like_head.data, like_head.bytes,
    &(mv_load_opt){.img = gzip_like.data, .img_bytes = gzip_like.bytes}))
OP(load_file, mv_load(c, d, t_path("oom_in.nii"), NULL))
OP(load_file_gzip, mv_load(c, d, t_path("oom_in.nii.gz"), NULL))
OP(load_file_crop, mv_load(c, d, t_path("oom_in.nii.gz"), &(mv_load_opt){BOX, .verify = 1}))
OP(load_file_many, mv_load(c, d, t_path("oom_many.nii.gz"), &(mv_load_opt){BOX, .dtype = MEDVOL_F64}))
OP(load_file_pair, mv_load(c, d, t_path("oom_pair.img"), NULL))
OP(load_file_like, mv_load(c, d, t_path("oom_like.hdr"), NULL))
OP(field_load, mv_field_load(c, d, t_path("oom_field.nii.gz"), NULL))
OP(load_npy, mv_load_mem(c, d, npy.data, npy.bytes, NULL))
OP(load_npy_file, mv_load(c, d, t_path("oom_in.npy.gz"), &(mv_load_opt){BOX, .dtype = MEDVOL_F64}))
OP(load_cfl, mv_load_mem(c, d, cfl_head.data, cfl_head.bytes,
    &(mv_load_opt){.img = cfl.data, .img_bytes = cfl.bytes}))
OP(load_cfl_file, mv_load(c, d, t_path("oom_arr"), NULL))
OP(header_cfl, mv_load_header(c, d, t_path("oom_arr"), NULL))
OP(header, mv_load_header(c, d, t_path("oom_in.nii.gz"), NULL))
OP(header_pair, mv_load_header(c, d, t_path("oom_pair.img"), NULL))
OP(header_mem, mv_load_header_mem(c, d, packed.data, packed.bytes, NULL))
OP(map, mv_map(c, d, t_path("oom_in.nii"), NULL))
OP(map_crop, mv_map(c, d, t_path("oom_pair.hdr"), &(mv_load_opt){BOX}))
enum { ALIASES = 1, SOURCE = 2, LOOSE = 4 }; /* flags: dst == src is refused; no src; see V.loose */
static const struct {
    const char *name;
    volume_call call;
    int flags;
} volume_rows[] = {
#define ROW(name) {#name, v_##name, 0},
#define LOAD(name) {#name, v_##name, SOURCE | LOOSE},
#define MADE(name) {#name, v_##name, SOURCE},
    ROW(copy) ROW(convert) ROW(convert_wider) ROW(linear) ROW(clamp) ROW(threshold) ROW(threshold_binary)
    ROW(gamma) ROW(gamma_split) ROW(znorm) ROW(znorm_split) ROW(rescale) ROW(rescale_split) ROW(rescale_pct)
    ROW(crop) ROW(pad) ROW(pad_wrap) ROW(pad_reflect) ROW(pad_mean) ROW(crop_or_pad) ROW(foreground)
    ROW(foreground_by) ROW(flip) ROW(permute) ROW(rot90) ROW(reorient) ROW(rs_spacing) ROW(rs_spacing_cubic)
    ROW(rs_shape) ROW(rs_nearest) ROW(rs_small) ROW(rs_small_cubic) ROW(rs_like) ROW(rs_like_sheared)
    ROW(rs_affine) ROW(rs_affine_nearest) ROW(rs_affine_cubic) ROW(rs_affine_conv) ROW(rs_affine_lanczos)
    ROW(gaussian) ROW(gaussian_i16) ROW(box_mean) ROW(level)
    ROW(warp) ROW(warp_cubic) ROW(warp_affine) {"warp_labels", v_warp_labels, SOURCE},
    {"warp_colours", v_warp_colours, SOURCE}, {"transform_field", v_transform_field, SOURCE},
    MADE(encode_mask) MADE(encode_field) MADE(encode_basis) MADE(encode_weigh) MADE(encode_radial)
    MADE(encode_radial_basis)
    MADE(wavelet) MADE(wavelet_back) MADE(recon_cg) MADE(recon_lsmr) MADE(recon_fista) MADE(recon_admm)
    MADE(recon_pdhg)
    MADE(recon_series) MADE(prox)
    MADE(nufft_forward) MADE(nufft_forward_wide) MADE(nufft_adjoint) MADE(nudft_forward) MADE(nudft_adjoint)
    MADE(grid_forward) MADE(grid_adjoint) MADE(dcf_pipe) MADE(toeplitz_normal)
    MADE(tps) MADE(correct) MADE(correct_f64)
    MADE(transform_back) MADE(field_exp) MADE(field_exp_f32) MADE(field_invert) MADE(field_invert_f64)
    MADE(jacobian) MADE(jacobian_strict) MADE(chi2_map) MADE(ncc_map) MADE(ncc_map_series) MADE(distance) MADE(distance_voxels) MADE(lncc) MADE(lncc_full)
    MADE(lncc_gradient) MADE(lncc_adam) MADE(lncc_adam_full) MADE(lncc_flat)
    MADE(flow) MADE(flow_fast) MADE(flow_solid) MADE(flow_tv) MADE(flow_poly) MADE(flow_apart)
    MADE(mind) MADE(mind_channels) MADE(search) MADE(search_both) MADE(search_flat)
    MADE(demons) MADE(demons_classic) MADE(demons_flat) MADE(demons_log) MADE(demons_inverse)
    MADE(compose) MADE(compose_bare) ROW(clahe) ROW(match) MADE(match_tables) MADE(checkerboard)
    MADE(difference) MADE(flow_colours) MADE(jacobian_colours) MADE(grid_lines)
    MADE(lncc_inverse) MADE(lncc_symmetric) MADE(lncc_symmetric_full) MADE(lncc_velocity)
    MADE(lncc_velocity_flat)
    MADE(bspline) MADE(bspline_mutual) MADE(bspline_masks) MADE(bspline_flat) MADE(bspline_windows) MADE(bspline_report)
    LOAD(lncc_report) MADE(demons_report) MADE(search_report)
    MADE(bspline_asgd) MADE(bspline_asgd_masks) MADE(bspline_asgd_flat)
    ROW(fft) ROW(rfft) {"irfft", v_irfft, SOURCE}, ROW(convolve) ROW(convolve_fft)
    {"convolve_complex", v_convolve_complex, SOURCE}, ROW(correlate)
    {"sense_forward", v_sense_forward, SOURCE}, {"sense_adjoint", v_sense_adjoint, SOURCE},
    {"sense_copies", v_sense_copies, SOURCE}, {"cg_sense", v_cg_sense, SOURCE}, {"sense", v_sense, SOURCE},
    {"traj_radial", v_traj_radial, SOURCE}, {"traj_koosh", v_traj_koosh, SOURCE},
    {"traj_stack", v_traj_stack, SOURCE}, {"traj_spiral", v_traj_spiral, SOURCE},
    {"traj_cones", v_traj_cones, SOURCE}, {"traj_rosette", v_traj_rosette, SOURCE},
    {"traj_epi", v_traj_epi, SOURCE}, {"traj_convert", v_traj_convert, SOURCE},
    {"traj_delay", v_traj_delay, SOURCE}, {"traj_select", v_traj_select, SOURCE},
    {"traj_bin", v_traj_bin, SOURCE}, {"dcf_radial", v_dcf_radial, SOURCE},
    {"dcf_angular", v_dcf_angular, SOURCE}, {"dcf_cells", v_dcf_cells, SOURCE},
    {"dcf_voronoi", v_dcf_voronoi, SOURCE}, {"dcf_large", v_dcf_large, SOURCE},
    {"phantom_samples", v_phantom_samples, SOURCE},
#define COILS(name) {"coil_" #name, v_coil_##name, SOURCE},
    COILS(rss) COILS(combine) COILS(expand) COILS(whiten) COILS(apply) COILS(compress)
    COILS(gcc) COILS(walsh) COILS(inati) COILS(inati_image) COILS(lowres) {"espirit", v_espirit, SOURCE},
#undef COILS
    {"mask_uniform", v_mask_uniform, SOURCE}, {"mask_poisson", v_mask_poisson, SOURCE},
    {"mask_golden", v_mask_golden, SOURCE},
    {"phantom_image", v_phantom_image, SOURCE}, {"phantom_kspace", v_phantom_kspace, SOURCE},
    {"phantom_sens", v_phantom_sens, SOURCE}, {"homodyne", v_homodyne, SOURCE},
    {"pocs", v_pocs, SOURCE}, {"epi_ghost", v_epi_ghost, SOURCE},
    {"epi_ramp", v_epi_ramp, SOURCE}, {"unring", v_unring, SOURCE},
    ROW(ks_window) ROW(ks_radial) ROW(ks_resize)
    {"planes", v_planes, ALIASES}, {"planes_rgb", v_planes_rgb, SOURCE},
    LOAD(load) LOAD(load_gzip) LOAD(load_many) LOAD(load_as) LOAD(load_crop) LOAD(load_crop_chunky)
    LOAD(field_load) LOAD(load_partial)
    LOAD(load_pair) LOAD(load_analyze) LOAD(load_like_gzip) LOAD(load_file)
    LOAD(load_npy) LOAD(load_npy_file) LOAD(load_cfl) LOAD(load_cfl_file)
    {"header_cfl", v_header_cfl, SOURCE}, LOAD(load_file_gzip) LOAD(load_file_crop) LOAD(load_file_many)
    LOAD(load_file_pair) LOAD(load_file_like)
    {"header", v_header, SOURCE}, {"header_pair", v_header_pair, SOURCE},
    {"header_mem", v_header_mem, SOURCE}, {"map", v_map, SOURCE}, {"map_crop", v_map_crop, SOURCE},
#undef ROW
#undef LOAD
#undef MADE
};

/* ---- calls into the caller's memory ---- */
static const double quarters[3] = {1, 50, 99};
static mv_status op_stats(mv_ctx *c) { return TRY(mv_stats(c, out.s, &whole, &(mv_stats_opt){.split = 1})); }
static mv_status op_stats_mask(mv_ctx *c) {
    return TRY(mv_stats(c, out.s, &part, &(mv_stats_opt){.split = 4, .mask = &one}));
}
static mv_status op_stats_array(mv_ctx *c) { /* too many chunks for the stack */
    return TRY(mv_stats_array(c, out.s, big, MEDVOL_U8, BIG, 2, 1, NULL));
}
static mv_status op_percentiles(mv_ctx *c) {
    return TRY(mv_percentiles(c, out.d, &part, quarters, 3, &(mv_percentile_opt){.split = 4}));
}
static mv_status op_percentiles_f32(mv_ctx *c) {
    return TRY(mv_percentiles_f32(c, out.d, numbers, N, quarters, 3, &(mv_percentile_opt){.mask8 = mask}));
}
static mv_status op_percentiles_array(mv_ctx *c) {
    return TRY(mv_percentiles_array(c, out.d, series.data, MEDVOL_F64, N, 0, 0, quarters, 3, NULL));
}
static mv_status op_percentiles_u8(mv_ctx *c) {
    return TRY(mv_percentiles_array(c, out.d, mask, MEDVOL_U8, N, 1, 0, quarters, 3, NULL));
}
static mv_status op_reg_value(mv_ctx *c) {
    return TRY(mv_reg_value(c, out.d, &image, &(mv_reg){.kind = MEDVOL_REG_WAVELET, .lambda = 1}));
}
static mv_status it_solve(mv_ctx *c, int solver) { /* 0: the check; an operator without normal */
    mv_reg r = {.kind = MEDVOL_REG_L1, .lambda = 0.1};
    const mv_solve_opt o = {.iterations = 2, .lambda = 0.1, .regs = &r, .reg_count = solver > MEDVOL_SOLVER_LSMR,
        .ndim = 3, .dim = {5, 6, 2}};
    const float *y = (const float *)kspace.data;
    mv_operator op;
    mv_encoding e;
    mv_status st;
    must(mv_encoding_init(T_NONE, &e, it_desc(0, 0, 0)));
    R.on = 1;
    st = mv_encoding_operator(c, &e, &op);
    op.normal = NULL;
    switch (solver) {
        case MEDVOL_SOLVER_CG: st = mv_solve_cg(c, out.f, &op, y, &o); break;
        case MEDVOL_SOLVER_LSMR: st = mv_solve_lsmr(c, out.f, &op, y, &o); break;
        case MEDVOL_SOLVER_FISTA: st = mv_solve_fista(c, out.f, &op, y, &o); break;
        case MEDVOL_SOLVER_ADMM: st = mv_solve_admm(c, out.f, &op, y, &o); break;
        case MEDVOL_SOLVER_PDHG: st = mv_solve_pdhg(c, out.f, &op, y, &o); break;
        default: st = mv_operator_check(c, &op, &(mv_operator_check_opt){.trials = 1});
    }
    R.on = 0;
    mv_encoding_free(T_NONE, &e);
    return st;
}
static mv_status op_solve_cg(mv_ctx *c) { return it_solve(c, MEDVOL_SOLVER_CG); }
static mv_status op_solve_lsmr(mv_ctx *c) { return it_solve(c, MEDVOL_SOLVER_LSMR); }
static mv_status op_solve_fista(mv_ctx *c) { return it_solve(c, MEDVOL_SOLVER_FISTA); }
static mv_status op_solve_admm(mv_ctx *c) { return it_solve(c, MEDVOL_SOLVER_ADMM); }
static mv_status op_solve_pdhg(mv_ctx *c) { return it_solve(c, MEDVOL_SOLVER_PDHG); }
static mv_status op_operator_check(mv_ctx *c) { return it_solve(c, 0); }
static mv_status op_mad(mv_ctx *c) { return TRY(mv_mad(c, out.d, NULL, &series, NULL)); }
static mv_status op_median(mv_ctx *c) { return TRY(mv_median(c, out.d, &series, NULL)); }
static mv_hist counts; /* of 64 bins, in out */
static mv_status counted(mv_status st) {
    if (st < 0) spoiled |= counts.total != 0 || counts.lo != 0 || counts.hi != 0;
    else out.d[64] = counts.lo, out.d[65] = counts.hi, out.u[66] = counts.total;
    return st;
}
static mv_hist *bins(void) {
    memset(&counts, 0, sizeof counts);
    counts.counts = out.u;
    counts.bins = 64;
    return &counts;
}
static mv_status op_histogram(mv_ctx *c) {
    return counted(TRY(mv_histogram(c, bins(), &part, &(mv_histogram_opt){.mask = &one})));
}
static mv_status op_histogram_f32(mv_ctx *c) {
    return counted(TRY(mv_histogram_f32(c, bins(), numbers, N, &(mv_histogram_opt){.mask8 = mask})));
}
static mv_status op_histogram_array(mv_ctx *c) {
    return counted(TRY(mv_histogram_array(c, bins(), series.data, MEDVOL_F64, N, 1, 0, NULL)));
}
static mv_status op_foreground_box(mv_ctx *c) {
    return TRY(mv_foreground_box(c, out.z, out.z + 4, &part, NULL));
}
static mv_status op_pad_array(mv_ctx *c) {
    return TRY(mv_pad_array(c, out.f, numbers, 4, 3, whole.dim, Z(2, 1, 3), Z(1, 1, 1), MEDVOL_PAD_EDGE,
        NULL));
}
static mv_status op_resample_shape_f32(mv_ctx *c) {
    return TRY(mv_resample_shape_f32(c, out.f, small, numbers, whole.dim, RS(LANCZOS, 1, EDGE)));
}
static mv_status op_resample_affine_f32(mv_ctx *c) {
    return TRY(mv_resample_affine_f32(c, out.f, shape, numbers, whole.dim, shrunk, RS(CUBIC, 1, MIRROR)));
}
static mv_status op_transform_points(mv_ctx *c) {
    static const double x[2] = {1, 5}, y[2] = {3, -2}, z[2] = {2, 4};
    return TRY(mv_transform_points(c, out.d, out.d + 2, out.d + 4, x, y, z, 2, chain, 4));
}
static mv_status op_jacobian_stats(mv_ctx *c) {
    return TRY(mv_field_jacobian(c, NULL, (mv_jacobian_stats *)(void *)out.d, &move, NULL));
}
static mv_status op_metric_image(mv_ctx *c) {
    return TRY(mv_metric_image(c, (mv_image_metrics *)(void *)out.d, &part, &part,
        &(mv_metric_opt){.what = MEDVOL_METRIC_ALL & ~MEDVOL_METRIC_SSIM}));
}
static mv_status op_metric_windows(mv_ctx *c) { /* of floats as they are, within a mask */
    return TRY(mv_metric_image(c, (mv_image_metrics *)(void *)out.d, &still, &moved,
        &(mv_metric_opt){.what = MEDVOL_METRIC_ALL, .mask = &still, .bins = 200}));
}
static mv_status op_metric_plain(mv_ctx *c) {
    return TRY(mv_metric_image(c, (mv_image_metrics *)(void *)out.d, &still, &moved,
        &(mv_metric_opt){.what = MEDVOL_METRIC_SSIM | MEDVOL_METRIC_LNCC}));
}
static mv_status op_metric_chunks(mv_ctx *c) { /* too many for the stack */
    const size_t dim[1] = {BIG};
    mv_volume v;
    must(mv_volume_wrap(T_NONE, &v, big, MEDVOL_U8, 1, dim, NULL));
    return TRY(mv_metric_image(c, (mv_image_metrics *)(void *)out.d, &v, &v, NULL));
}
static mv_volume labels_of(size_t shift) { /* 97 labels: more than the first room for them */
    static uint8_t some[2][N];
    mv_volume v;
    size_t i;
    for (i = 0; i < N; i++) some[shift][i] = (uint8_t)((i * 13 + shift) % 97);
    must(mv_volume_wrap(T_NONE, &v, some[shift], MEDVOL_U8, 3, whole.dim, NULL));
    return v;
}
static mv_status op_metric_labels(mv_ctx *c) {
    const mv_volume a = labels_of(0), b = labels_of(1);
    return TRY(mv_metric_labels(c, (mv_label_metrics *)(void *)out.d, 200, &made, out.d + 4000, &a, &b,
        NULL));
}
static mv_status op_metric_labels_listed(mv_ctx *c) {
    static const int64_t listed[3] = {5, 0, 400};
    const mv_volume a = labels_of(0), b = labels_of(1);
    return TRY(mv_metric_labels(c, (mv_label_metrics *)(void *)out.d, 3, &made, NULL, &a, &b,
        &(mv_label_opt){.labels = listed, .nlabels = 3}));
}
static mv_status op_metric_surface(mv_ctx *c) {
    const mv_volume a = labels_of(0), b = labels_of(1);
    return TRY(mv_metric_surface(c, (mv_surface_metrics *)(void *)out.d, &a, &b,
        &(mv_surface_opt){.by_label = 1, .label = 3}));
}
static mv_status op_metric_surface_masks(mv_ctx *c) {
    return TRY(mv_metric_surface(c, (mv_surface_metrics *)(void *)out.d, &flat, &flat_moved, NULL));
}
static mv_status op_metric_field(mv_ctx *c) {
    return TRY(mv_metric_field(c, (mv_error_metrics *)(void *)out.d, &move, &move, NULL));
}
static mv_volume long_of(void) { /* more chunks than the stack has room for */
    const size_t dim[2] = {BIG / 2, 2};
    mv_volume v;
    must(mv_volume_wrap(T_NONE, &v, big, MEDVOL_U8, 2, dim, NULL));
    return v;
}
static mv_status op_ncc(mv_ctx *c) {
    const mv_volume v = long_of();
    return TRY(mv_ncc(c, (mv_correlation *)(void *)out.d, &v, &v, &(mv_ncc_opt){.split = 2}));
}
static mv_status op_chi2(mv_ctx *c) {
    const mv_volume v = long_of();
    return TRY(mv_chi2(c, (mv_chi2_sum *)(void *)out.d, &v, NULL, &(mv_chi2_opt){.sigma = 2}));
}
static mv_status op_chi2_map(mv_ctx *c) { /* of many chunks */
    const size_t dim[1] = {BIG};
    mv_volume v, d = {0};
    mv_status st;
    must(mv_volume_wrap(T_NONE, &v, big, MEDVOL_U8, 1, dim, NULL));
    st = TRY(mv_chi2_map(c, &d, &v, NULL, &(mv_chi2_opt){.sigma = 2}));
    spoiled |= st < 0 && d.data;
    if (st == MEDVOL_OK) out.f[0] = ((float *)d.data)[BIG - 1];
    mv_volume_free(c, &d);
    return st;
}
static mv_status op_gain(mv_ctx *c) {
    const mv_volume v = long_of();
    return TRY(mv_fit_gain_offset(c, (mv_gain_offset *)(void *)out.d, &v, &v, NULL));
}
static mv_status op_pearson_rows(mv_ctx *c) {
    const float *x = (const float *)(const void *)big;
    return TRY(mv_pearson_rows_f32(c, (mv_correlation *)(void *)out.d, x, 9, x, 5));
}
static mv_status op_lags_f32(mv_ctx *c) {
    const float *x = (const float *)(const void *)big;
    return TRY(mv_pearson_lags_f32(c, out.d, x, x, 3, 15, 4, 0));
}
static mv_status op_lags_f64(mv_ctx *c) {
    const double *x = (const double *)series.data;
    return TRY(mv_pearson_lags_f64(c, out.d, x, x, 2, 15, 4, 0));
}
static mv_status op_gain_rows(mv_ctx *c) {
    const float *x = (const float *)(const void *)big;
    return TRY(mv_fit_gain_offset_f32(c, (mv_gain_offset *)(void *)out.d, x, 9, x, 1, NULL, 5));
}
static mv_status op_free_pearson(mv_ctx *c) { /* one chunk: no memory; angles never any */
    const float *x = (const float *)(const void *)big;
    const double *y = (const double *)series.data;
    mv_status st;
    R.on = 1;
    st = mv_pearson_f32(c, (mv_correlation *)(void *)out.d, x, x, NULL, 50);
    if (st == MEDVOL_OK) st = mv_pearson_f64(c, (mv_correlation *)(void *)(out.d + 20), y, y, NULL, 50);
    if (st == MEDVOL_OK)
        st = mv_angle_select(c, (uint32_t *)(void *)(out.d + 40), NULL, &made, y, 50,
            &(const mv_angle_range){0, 10}, 1, NULL);
    return tried(st);
}
static mv_status op_traj_angles(mv_ctx *c) { return TRY(mv_traj_angles(c, out.d, &pair_points)); }
static mv_status op_traj_limits(mv_ctx *c) {
    return TRY(mv_traj_limits(c, (mv_gradient_peaks *)(void *)out.d, &pair_points, NULL));
}
static mv_status op_gate_bins(mv_ctx *c) {
    static uint32_t bin[50];
    mv_status st;
    memset(bin, PATTERN, sizeof bin);
    st = TRY(mv_gate_bins(c, bin, out.f, (const double *)series.data, 50, NULL));
    spoiled |= st < 0 && ((unsigned char *)bin)[7] != PATTERN;
    return st;
}
static mv_status op_delay_ring(mv_ctx *c) {
    return TRY(mv_delay_ring(c, out.d, &spoke_data, &pair_points, NULL));
}
static mv_status op_delay_opposed(mv_ctx *c) {
    return TRY(mv_delay_opposed(c, out.d, &spoke_data, &points, &(mv_delay_opt){.most = 1}));
}
static mv_status op_metric_points(mv_ctx *c) {
    const double *x = (const double *)series.data, *y = x + 100;
    return TRY(mv_metric_points(c, (mv_error_metrics *)(void *)out.d, x, y, x + 50, y, x, y + 50, 300));
}
static mv_status op_register_affine(mv_ctx *c) {
    return TRY(mv_register_affine(c, out.d, &still, &moved,
        &(mv_register_affine_opt){.control = {.levels = 2, .iterations = 1}}));
}
static mv_status op_register_mutual(mv_ctx *c) {
    return TRY(mv_register_affine(c, out.d, &still, &moved,
        &(mv_register_affine_opt){.metric = MEDVOL_MI, .model = MEDVOL_AFFINE, .symmetric = 1, .bins = 16,
            .fixed_mask = &still, .moving_mask = &moved, .init = MEDVOL_INIT_MOMENTS,
            .control = {.levels = 2, .iterations = 1}}));
}
static mv_status op_register_by(mv_ctx *c) {
    const mv_register_metric by = {.levels = 2, .begin = shift_level, .look = shift_look};
    return TRY(mv_register_affine_by(c, out.d, &by, &(mv_register_affine_opt){.model = MEDVOL_TRANSLATION}));
}
static mv_status op_register_robust(mv_ctx *c) {
    return TRY(mv_register_affine(c, out.d, &flat, &flat_moved,
        &(mv_register_affine_opt){.metric = MEDVOL_SSD, .robust = 4.685, .search = 5, .fixed_mask = &flat,
            .control = {.levels = 1, .iterations = 1}}));
}
static mv_status phase_of(mv_ctx *c, const mv_volume *a, const mv_volume *b, int masked, int rotation) {
    mv_phase_report *rep = (mv_phase_report *)(void *)(out.d + 12);
    return TRY(mv_register_phase(c, out.d, a, b,
        &(mv_register_phase_opt){.masked = masked, .fixed_mask = masked ? a : NULL, .rotation = rotation,
            .scale = rotation, .report = rep}));
}
static mv_status op_register_phase(mv_ctx *c) { return phase_of(c, &still, &moved, 0, 0); }
static mv_status op_register_masked(mv_ctx *c) { return phase_of(c, &still, &moved, 1, 0); }
static mv_status op_register_turned(mv_ctx *c) { return phase_of(c, &flat, &flat_moved, 0, 1); }
static mv_status op_fit_points(mv_ctx *c) {
    return TRY(mv_fit_points(c, out.d, PINS, &(mv_fit_opt){.model = MEDVOL_AFFINE, .rms = out.d + 12}));
}
static mv_status op_tps_points(mv_ctx *c) {
    mv_tps t;
    mv_status st = TRY(mv_tps_init(c, &t, PINS, NULL));
    if (st < 0) spoiled |= t.table != NULL;
    else st = TRY(mv_tps_points(c, &t, out.d, out.d + 5, out.d + 10, pin[0], pin[1], pin[2], 5));
    mv_tps_free(c, &t);
    return st;
}
static mv_status op_kdtree(mv_ctx *c) {
    mv_kdtree t;
    mv_status st = TRY(mv_kdtree_init(c, &t, pin[0], pin[1], pin[2], 5));
    if (st < 0) spoiled |= t.block != NULL || t.points != 0;
    mv_kdtree_free(c, &t);
    return st;
}
enum { ASKED = 70 }; /* more than go without memory */
static mv_status op_cells(mv_ctx *c) {
    mv_cells g;
    mv_status st = TRY(mv_cells_init(c, &g, pin[0], pin[1], pin[2], 5, 0));
    if (st < 0) spoiled |= g.block != NULL || g.points != 0;
    mv_cells_free(c, &g);
    return st;
}
static mv_status asked_of(mv_ctx *c, int radius, int cells) {
    static uint32_t index[10 * ASKED];
    static double q[3][ASKED];
    static size_t start[ASKED + 1];
    mv_kdtree t;
    mv_cells g;
    mv_status st;
    size_t i;
    for (i = 0; i < 3 * ASKED; i++) q[i / ASKED][i % ASKED] = (double)(i * 7 % 11);
    if (mv_kdtree_init(T_NONE, &t, pin[0], pin[1], pin[2], 5) < 0) abort();
    if (mv_cells_init(T_NONE, &g, pin[0], pin[1], pin[2], 5, 0) < 0) abort();
    memset(index, PATTERN, sizeof index);
    memset(start, PATTERN, sizeof start);
    if (cells && radius) st = TRY(mv_cells_radius(c, &g, start, NULL, NULL, 0, q[0], q[1], q[2], ASKED, 6));
    else if (cells) st = TRY(mv_cells_nearest(c, &g, index, out.d, q[0], q[1], q[2], ASKED, 1, NULL));
    else if (radius) st = TRY(mv_kdtree_radius(c, &t, start, NULL, NULL, 0, q[0], q[1], q[2], ASKED, 6));
    else st = TRY(mv_kdtree_nearest(c, &t, index, out.d, q[0], q[1], q[2], ASKED, 1, NULL));
    if (st == MEDVOL_OK) out.d[ASKED] = radius ? (double)start[ASKED] : index[ASKED / 2];
    else spoiled |= ((unsigned char *)index)[9] != PATTERN || ((unsigned char *)start)[9] != PATTERN;
    mv_kdtree_free(T_NONE, &t);
    mv_cells_free(T_NONE, &g);
    return st;
}
static mv_status op_kdtree_nearest(mv_ctx *c) { return asked_of(c, 0, 0); }
static mv_status op_kdtree_radius(mv_ctx *c) { return asked_of(c, 1, 0); }
static mv_status op_cells_nearest(mv_ctx *c) { return asked_of(c, 0, 1); }
static mv_status op_cells_radius(mv_ctx *c) { return asked_of(c, 1, 1); }
static mv_status op_correct_report(mv_ctx *c) { /* an empty dst */
    mv_volume d;
    mv_status st;
    memset(&d, 0, sizeof d);
    st = TRY(mv_field_correct(c, &d, &move, PINS,
        &(mv_correct_opt){.radius = 5, .report = (mv_correct_report *)(void *)out.d}));
    if (st < 0) spoiled |= d.data != NULL;
    else out.u[9] = volume_crc(&d);
    mv_volume_free(c, &d);
    return st;
}
static mv_status op_inflate(mv_ctx *c) {
    const uint8_t *p = (const uint8_t *)packed.data;
    size_t used = 0, head = 12u + p[10] + 256u * p[11]; /* the header's own member has an extra field */
    mv_status st = TRY(mv_inflate(c, out.b, sizeof out, p + head, packed.bytes - head, &used, &made));
    spoiled |= st < 0 && used;
    return st;
}
static mv_status op_inflate_zlib(mv_ctx *c) {
    static uint8_t z[64];
    size_t n;
    must(mv_deflate_zlib(T_NONE, z, sizeof z, numbers, 20, 6, &n));
    return TRY(mv_inflate_zlib(c, out.b, sizeof out, z, n, NULL, &made));
}
static mv_status op_deflate(mv_ctx *c) {
    return TRY(mv_deflate(c, out.b, sizeof out, numbers, sizeof numbers, 6, &made));
}
static mv_status op_deflate_zlib(mv_ctx *c) {
    return TRY(mv_deflate_zlib(c, out.b, sizeof out, numbers, sizeof numbers, 1, &made));
}
static mv_status op_gzip_pack(mv_ctx *c) {
    mv_gzip_opt o = {.member = 1000};
    return TRY(mv_gzip_pack(c, out.b, sizeof out, numbers, sizeof numbers, &o, &made));
}
static mv_status unpack(mv_ctx *c, const mv_buffer *b) {
    mv_gzip_info info;
    mv_status st = TRY(mv_gzip_unpack(c, out.b, sizeof out, b->data, b->bytes, &info));
    made = (size_t)info.dst_n;
    return st;
}
static mv_status op_gzip_unpack(mv_ctx *c) { return unpack(c, &many); }
static mv_status op_gzip_unpack_two(mv_ctx *c) { return unpack(c, &packed); }
static ptrdiff_t pull(void *user, void *dst, size_t n) {
    size_t *at = (size_t *)user;
    if (n > packed.bytes - *at) n = packed.bytes - *at;
    memcpy(dst, (uint8_t *)packed.data + *at, n);
    *at += n;
    return (ptrdiff_t)n;
}
static mv_status op_gzip_open(mv_ctx *c) {
    size_t at = 0;
    mv_gzip_reader *r = (mv_gzip_reader *)&at;
    mv_status st = TRY(mv_gzip_open(c, &r, pull, &at));
    if (st < 0) spoiled |= r != NULL && r != (mv_gzip_reader *)&at;
    else st = mv_gzip_read(c, r, out.b, 500, &made), mv_gzip_close(c, r);
    return st;
}
static mv_status op_gzip_open_mem(mv_ctx *c) {
    mv_gzip_reader *r = (mv_gzip_reader *)&out;
    mv_status st = TRY(mv_gzip_open_mem(c, &r, packed.data, packed.bytes));
    if (st < 0) spoiled |= r != NULL && r != (mv_gzip_reader *)&out;
    else st = mv_gzip_read(c, r, out.b, 500, &made), mv_gzip_close(c, r);
    return st;
}
static ptrdiff_t pull_at(void *user, void *dst, size_t n, uint64_t at) {
    const mv_buffer *b = (const mv_buffer *)user;
    memcpy(dst, (const uint8_t *)b->data + at, n);
    return (ptrdiff_t)n;
}
static mv_status index_made(mv_ctx *c, mv_status st, mv_gzip_index *x) {
    if (st < 0) spoiled |= x->member != NULL || x->count != 0;
    else memcpy(out.b, x->member, 100 * sizeof *x->member), made = x->count;
    mv_gzip_index_free(c, x);
    return st;
}
static mv_status op_index_scan(mv_ctx *c) { /* more members than the first room for them holds */
    mv_gzip_index x;
    return index_made(c, TRY(mv_gzip_index_scan(c, &x, pull_at, &many, many.bytes)), &x);
}
static mv_status op_index_mem(mv_ctx *c) {
    mv_gzip_index x;
    return index_made(c, TRY(mv_gzip_index_mem(c, &x, many.data, many.bytes)), &x);
}
static mv_status op_index_unpack(mv_ctx *c) {
    mv_gzip_index x;
    mv_status st;
    must(mv_gzip_index_mem(c, &x, chunky.data, chunky.bytes));
    st = TRY(mv_gzip_index_unpack(c, &x, out.b, 100, 4100, chunky.data, chunky.bytes));
    mv_gzip_index_free(c, &x);
    return st;
}
static mv_status member(mv_ctx *c, void *scratch) {
    mv_gzip_index x;
    mv_status st;
    must(mv_gzip_index_mem(c, &x, chunky.data, chunky.bytes));
    st = TRY(mv_gzip_member_unpack(c, out.b, x.member[1].dst_n,
        (const uint8_t *)chunky.data + x.member[1].src, x.member[1].src_n, scratch));
    mv_gzip_index_free(c, &x);
    return st;
}
static mv_status op_member(mv_ctx *c) { return member(c, NULL); }
static int push(void *user, const void *src, size_t n) { /* user: how much has come */
    size_t *at = (size_t *)user;
    if (n > sizeof out - *at) return -1;
    memcpy(out.b + *at, src, n);
    *at += n;
    return 0;
}
static mv_status op_writer_open(mv_ctx *c) {
    size_t at = 0;
    mv_gzip_opt o = {.member = 2000};
    mv_gzip_writer *w = NULL;
    mv_status st = TRY(mv_gzip_writer_open(c, &w, push, &at, &o));
    if (st < 0) spoiled |= w != NULL;
    else {
        must(mv_gzip_writer_put(c, w, numbers, sizeof numbers));
        st = mv_gzip_writer_close(c, w, NULL);
    }
    return st;
}
static mv_status op_ext_add(mv_ctx *c) {
    mv_volume d, was;
    mv_status st;
    must(mv_volume_copy(c, (memset(&d, 0, sizeof d), &d), &whole));
    was = d;
    st = TRY(mv_nifti_ext_add(c, &d, 4, "more", 5));
    if (st < 0) spoiled |= memcmp(&d, &was, sizeof d) || volume_crc(&d) != volume_crc(&whole);
    else out.u[0] = volume_crc(&d);
    mv_volume_free(c, &d);
    return st;
}
static mv_status op_ext_first(mv_ctx *c) { /* a volume without a header gets one */
    mv_volume d = coarse;
    mv_status st = TRY(mv_nifti_ext_add(c, &d, 4, "first", 6));
    if (st < 0) spoiled |= memcmp(&d, &coarse, sizeof d) != 0;
    else out.u[0] = volume_crc(&d);
    d.owner = NULL; /* the voxels are coarse's */
    mv_volume_free(c, &d);
    return st;
}
static mv_status op_volume_alloc(mv_ctx *c) {
    mv_volume d = coarse;
    mv_status st = TRY(mv_volume_alloc(c, &d, MEDVOL_F32, 3, shape));
    if (st < 0) spoiled |= memcmp(&d, &coarse, sizeof d) != 0;
    else mv_volume_free(c, &d);
    return st;
}

/* ---- saving: to a file that was there, and to memory ---- */
static mv_status save_file(mv_ctx *c, const char *name, const char *name2, const mv_save_opt *opt) {
    const char *path = t_path(name), *path2 = name2 ? t_path(name2) : path;
    mv_status st;
    write_file(name, "old", 3);
    if (name2) write_file(name2, "old", 3);
    st = TRY(opt ? mv_save(c, &whole, path, opt) : mv_save_png(c, &pixels, path, NULL));
    if (st < 0) spoiled |= file_crc(path) != t_crc32(0, "old", 3) || file_crc(path2) != t_crc32(0, "old", 3);
    else out.u[0] = file_crc(path), out.u[1] = file_crc(path2);
    return st;
}
static mv_status op_save(mv_ctx *c) {
    return save_file(c, "oom.nii.gz", NULL, &(mv_save_opt){.no_sync = 1, .member = 5000});
}
static mv_status op_save_pair(mv_ctx *c) {
    return save_file(c, "oom.hdr", "oom.img",
        &(mv_save_opt){.no_sync = 1, .dtype = MEDVOL_U8, .gzip = 1, .container = MEDVOL_GZIP_PLAIN});
}
static mv_status op_save_cfl(mv_ctx *c) {
    return save_file(c, "oom_s.cfl", "oom_s.hdr", &(mv_save_opt){.no_sync = 1});
}
static mv_status op_save_npy(mv_ctx *c) {
    return save_file(c, "oom.npy.gz", NULL, &(mv_save_opt){.no_sync = 1, .dtype = MEDVOL_I16});
}
static mv_status op_save_png(mv_ctx *c) { return save_file(c, "oom.png", NULL, NULL); }
static mv_status op_field_save(mv_ctx *c) {
    const char *path = t_path("oom_u.nii.gz");
    mv_status st;
    write_file("oom_u.nii.gz", "old", 3);
    st = TRY(mv_field_save(c, &move, path, &(mv_save_opt){.no_sync = 1}));
    if (st < 0) spoiled |= file_crc(path) != t_crc32(0, "old", 3);
    else out.u[0] = file_crc(path);
    return st;
}
static mv_status op_affine_save(mv_ctx *c) {
    const char *path = t_path("oom_a.txt");
    mv_status st;
    write_file("oom_a.txt", "old", 3);
    st = TRY(mv_affine_save(c, turned, path, fine));
    if (st < 0) spoiled |= file_crc(path) != t_crc32(0, "old", 3);
    else out.u[0] = file_crc(path);
    return st;
}
static mv_status op_affine_load(mv_ctx *c) {
    return TRY(mv_affine_load(c, out.d, t_path("oom_affine.txt"), out.d + 12));
}
static mv_status op_affine_load_gzip(mv_ctx *c) {
    return TRY(mv_affine_load(c, out.d, t_path("oom_affine.txt.gz"), NULL));
}
static mv_status op_affine_load_mem(mv_ctx *c) {
    return TRY(mv_affine_load_mem(c, out.d, affine_gz.data, affine_gz.bytes, out.d + 12));
}
static mv_status op_affine_load_text(mv_ctx *c) {
    return TRY(mv_affine_load_mem(c, out.d, affine_text, strlen(affine_text), out.d + 12));
}
static mv_status op_save_png_mem(mv_ctx *c) {
    return TRY(mv_save_png_mem(c, out.b, sizeof out, &pixels, NULL, &made));
}
static mv_status save_mem(mv_ctx *c, const mv_volume *v, const mv_save_opt *o) {
    mv_buffer b = {NULL, 0}, img = {NULL, 0};
    mv_status st = TRY(mv_save_mem(c, &b, &img, v, o));
    if (st < 0) spoiled |= b.data || b.bytes || img.data || img.bytes;
    else {
        out.u[0] = t_crc32(0, b.data, b.bytes);
        if (img.data) out.u[1] = t_crc32(0, img.data, img.bytes);
    }
    mv_buffer_free(c, &b);
    mv_buffer_free(c, &img);
    return st;
}
static mv_status op_save_mem(mv_ctx *c) { return save_mem(c, &whole, NULL); }
static mv_status op_save_mem_gzip(mv_ctx *c) {
    return save_mem(c, &part, &(mv_save_opt){.gzip = 1, .level = 6, .member = 4096});
}
static mv_status op_save_mem_scaled(mv_ctx *c) {
    return save_mem(c, &series, &(mv_save_opt){.dtype = MEDVOL_I16, .version = 2, .big_endian = 1});
}
static mv_status op_save_mem_pair(mv_ctx *c) {
    return save_mem(c, &whole, &(mv_save_opt){.pair = 1, .gzip = 1});
}
static mv_status op_save_mem_cfl(mv_ctx *c) {
    return save_mem(c, &part, &(mv_save_opt){.form = MEDVOL_FORM_CFL});
}
static mv_status op_save_mem_npy(mv_ctx *c) {
    return save_mem(c, &part, &(mv_save_opt){.form = MEDVOL_FORM_NPY, .gzip = 1});
}

/* ---- raw MR data ---- */
static mv_status op_mrd_open(mv_ctx *c) {
    mv_mrd_stream *s = NULL;
    mv_status st = TRY(mv_mrd_open(c, &s, t_path("oom_in.mrd")));
    if (st < 0) spoiled |= s != NULL;
    else mv_mrd_close(c, s);
    return st;
}
static mv_status op_mrd_open_mem(mv_ctx *c) {
    mv_mrd_stream *s = NULL;
    mv_status st = TRY(mv_mrd_open_mem(c, &s, stream.data, stream.bytes));
    if (st < 0) spoiled |= s != NULL;
    else mv_mrd_close(c, s);
    return st;
}
static mv_status op_mrd_next(mv_ctx *c) {
    mv_mrd_stream *s;
    mv_mrd_message m, was;
    mv_status st;
    must(mv_mrd_open(c, &s, t_path("oom_in.mrd")));
    memset(&m, 0, sizeof m);
    was = m;
    st = TRY(mv_mrd_next(c, s, &m));
    if (st < 0) spoiled |= memcmp(&m, &was, sizeof m) != 0;
    else out.u[0] = m.text_bytes, out.u[1] = (uint64_t)(strcmp(m.text, "<xml>") == 0);
    mv_mrd_close(c, s);
    return st;
}
static mv_status op_free_mrd(mv_ctx *c) {
    mv_mrd_stream *s;
    must(mv_mrd_open_mem(c, &s, stream.data, stream.bytes));
    R.on = 1;
    mv_mrd_close(c, s);
    return tried(MEDVOL_OK);
}

/* ---- contexts ---- */
static mv_status op_ctx_init(mv_ctx *c) {
    mv_ctx other;
    mv_ctx_desc desc = c->desc;
    mv_volume v;
    mv_status st;
    desc.threads = 3;
    st = TRY(mv_ctx_init(&other, &desc));
    if (st < 0) { /* still a context, of one thread */
        c->error = other.error;
        spoiled |= mv_threads(&other) != 1 || other.desc.mem_alloc != take;
    }
    must(mv_volume_copy(&other, (memset(&v, 0, sizeof v), &v), &whole));
    out.u[0] = st < 0 ? out.u[0] : volume_crc(&v);
    mv_volume_free(&other, &v);
    mv_ctx_free(&other);
    mv_ctx_free(&other);
    return st;
}
static mv_status op_workspace(mv_ctx *c) {
    mv_workspace ws;
    mv_status st = TRY(mv_workspace_init(c, &ws, 100));
    if (st < 0) return st;
    must(mv_workspace_free(c, &ws));
    out.u[0] = 1;
    return st;
}
static mv_status copied_in(mv_ctx *c, size_t bytes) { /* a copy that a workspace serves */
    mv_workspace ws;
    mv_volume v;
    mv_status st;
    memset(&v, 0, sizeof v);
    must(mv_workspace_init(c, &ws, bytes));
    st = TRY(mv_volume_copy(c, &v, &whole));
    if (st == MEDVOL_OK) out.u[0] = volume_crc(&v);
    mv_volume_free(c, &v);
    must(TRY(mv_workspace_free(c, &ws)));
    return st;
}
static mv_status op_workspace_small(mv_ctx *c) { return copied_in(c, 10); }
static mv_status op_free_workspace(mv_ctx *c) { return copied_in(c, 1 << 20); }

#ifdef OOM_SITES
static mv_status op_workspace_malloc(mv_ctx *c) {
    mv_ctx zero;
    mv_status st;
    memset(&zero, 0, sizeof zero);
    st = copied_in(&zero, 10);
    c->error = zero.error;
    return st;
}
static mv_status op_malloc(mv_ctx *c) { /* a zero context takes its memory from malloc */
    mv_ctx zero;
    mv_volume v;
    mv_status st;
    memset(&zero, 0, sizeof zero);
    memset(&v, 0, sizeof v);
    st = TRY(mv_volume_copy(&zero, &v, &whole));
    c->error = zero.error;
    if (st == MEDVOL_OK) out.u[0] = volume_crc(&v);
    mv_volume_free(&zero, &v);
    return st;
}
#endif

/* ---- calls that need no memory: they succeed while all of it is refused ---- */
static void one_job(void *arg, size_t i) { ((unsigned char *)arg)[i] = (unsigned char)i; }
static mv_status op_free_base(mv_ctx *c) {
    R.on = 1;
    out.u[0] = (uint64_t)mv_threads(c);
    out.u[1] = strlen(mv_status_str(MEDVOL_E_NOMEM)) + strlen(mv_message(c)) + strlen(mv_version());
    out.u[2] = mv_warnings(c);
    out.u[3] = (uint64_t)mv_level_force(mv_level()) + strlen(mv_level_name(1));
    out.u[4] = mv_dtype_size(MEDVOL_F32) + strlen(mv_dtype_name(MEDVOL_F32));
    return tried(mv_parallel_for(c, 100, one_job, out.b + 64, "jobs"));
}
static mv_status op_free_ctx(mv_ctx *c) {
    mv_ctx other;
    mv_ctx_desc desc = c->desc;
    desc.threads = 2;
    must(mv_ctx_init(&other, &desc));
    R.on = 1;
    mv_ctx_free(&other);
    desc.threads = 1;
    return tried(mv_ctx_init(&other, &desc));
}
static mv_status op_free_volumes(mv_ctx *c) {
    mv_volume v, w;
    mv_status st;
    R.on = 1;
    st = mv_volume_wrap(c, &v, numbers, MEDVOL_F32, 3, whole.dim, NULL);
    if (st == MEDVOL_OK) st = mv_volume_view(c, &w, &v, Z(1, 1, 1), Z(4, 5, 6));
    out.u[0] = mv_volume_count(&w) + (uint64_t)mv_volume_contiguous(&w);
    if (st == MEDVOL_OK) st = mv_convert_array(c, out.f + 2, MEDVOL_F32, big, MEDVOL_U8, 1000, 2, 1);
    mv_volume_free(c, &w);
    mv_volume_free(c, &v);
    return tried(st);
}
static mv_status op_free_affines(mv_ctx *c) {
    double *a = out.d, *b = out.d + 12, *r = out.d + 24;
    int axis[3], sign[3];
    char code[4];
    mv_status st;
    R.on = 1;
    st = mv_affine_invert(b, turned);
    mv_affine_identity(a);
    mv_affine_mul(a, turned, b);
    mv_affine_from_spacing(r, fine, NULL);
    r[12] = mv_affine_det(turned);
    mv_affine_spacing(r + 13, turned);
    r[16] = mv_affine_to_qform(turned, r + 17, r + 20, r + 23, r + 26);
    mv_affine_from_qform(r + 27, r + 17, r + 20, r + 23, r[26]);
    mv_affine_orientation(turned, axis, sign);
    mv_affine_apply(r + 40, turned, fine);
    if (st == MEDVOL_OK)
        st = mv_affine_apply_points(c, turned, r + 50, r + 60, r + 70, a, a, a, 10);
    if (st == MEDVOL_OK) st = mv_voxel_to_world(&whole, r + 80, fine);
    if (st == MEDVOL_OK) st = mv_world_to_voxel(&whole, r + 83, fine);
    if (st == MEDVOL_OK) st = mv_affine_exp(r + 100, turned);
    if (st == MEDVOL_OK) st = mv_affine_sqrt(r + 112, near_it);
    if (st == MEDVOL_OK) st = mv_affine_log(r + 124, near_it);
    if (st == MEDVOL_OK) st = mv_affine_decompose((mv_affine_parts *)(void *)(r + 136), turned, fine);
    if (st == MEDVOL_OK) mv_affine_compose(r + 160, (const mv_affine_parts *)(const void *)(r + 136));
    r[172] = (double)mv_pyramid_levels(&whole, NULL);
    mv_spacing(&whole, r + 86);
    mv_orientation(&whole, code);
    r[90] = axis[0] + 10 * sign[1] + 100 * code[2];
    return tried(st);
}
static mv_status op_free_sums(mv_ctx *c) {
    (void)c;
    R.on = 1;
    out.u[0] = mv_crc32(0, big, BIG);
    out.u[1] = mv_crc32_combine(1, 2, 1000);
    out.u[2] = mv_adler32(1, big, BIG);
    out.u[3] = mv_inflate_bound(100) + mv_deflate_bound(100) + mv_gzip_bound(100, NULL);
    out.u[4] = (uint64_t)mv_gzip_is(packed.data, packed.bytes) + mv_gzip_scratch_size();
    out.u[5] = mv_png_bound(&pixels) + (mv_io_default() != NULL);
    return tried(MEDVOL_OK);
}
static mv_status op_free_reader(mv_ctx *c) {
    mv_gzip_reader *r;
    mv_gzip_info info = {0};
    uint64_t skipped;
    mv_status st;
    must(mv_gzip_open_mem(c, &r, many.data, many.bytes));
    R.on = 1;
    st = mv_gzip_read(c, r, out.b, 500, NULL);
    if (st == MEDVOL_OK) st = mv_gzip_skip(c, r, 1000, &skipped);
    out.u[100] = mv_gzip_tell(r);
    if (st == MEDVOL_OK) st = mv_gzip_finish(c, r, UINT64_MAX, &info);
    mv_gzip_close(c, r);
    made = (size_t)info.dst_n;
    return tried(st);
}
static mv_status op_free_writer(mv_ctx *c) {
    mv_gzip_writer *w;
    mv_gzip_opt o = {.member = 2000, .container = MEDVOL_GZIP_BGZF};
    mv_status st;
    size_t at = 0;
    must(mv_gzip_writer_open(c, &w, push, &at, &o));
    R.on = 1;
    st = mv_gzip_writer_put(c, w, numbers, sizeof numbers);
    if (st == MEDVOL_OK) st = mv_gzip_writer_close(c, w, NULL);
    else mv_gzip_writer_abort(c, w);
    R.on = 0;
    made = at;
    must(mv_gzip_writer_open(c, &w, push, &at, &o));
    R.on = 1;
    mv_gzip_writer_abort(c, w);
    return tried(st);
}
static mv_status op_free_index(mv_ctx *c) {
    mv_gzip_index x;
    mv_status st;
    must(mv_gzip_index_mem(c, &x, many.data, many.bytes));
    R.on = 1;
    st = mv_gzip_index_range(c, &x, 100, 900, out.z, out.z + 1);
    mv_gzip_index_free(c, &x);
    return tried(st);
}
static mv_status op_free_member(mv_ctx *c) {
    static double scratch[1 << 15];
    if (sizeof scratch < mv_gzip_scratch_size()) abort();
    return member(c, scratch);
}
static mv_status op_free_buffer(mv_ctx *c) {
    mv_buffer b;
    size_t at = 0, n;
    int code;
    const void *data;
    must(mv_save_mem(c, &b, NULL, &whole, NULL));
    R.on = 1;
    made = b.bytes;
    mv_buffer_free(c, &b);
    out.u[0] = (uint64_t)mv_nifti_ext_next(whole.nifti, &at, &code, &data, &n);
    return tried(out.u[0] == 1 && code == 6 ? MEDVOL_OK : MEDVOL_E_CORRUPT);
}
static mv_status op_free_stats(mv_ctx *c) {
    mv_hist sum, parts[2];
    mv_status st;
    R.on = 1;
    st = mv_stats_f32(c, out.s, numbers, N, &(mv_stats_opt){.mask8 = mask});
    if (st == MEDVOL_OK) st = mv_stats_partial(c, out.p + 20, numbers, MEDVOL_F32, N, 1, 0, NULL);
    if (st == MEDVOL_OK) st = mv_stats_fold(c, out.s + 30, out.p + 20, 1);
    memset(parts, 0, sizeof parts);
    parts[0].counts = parts[1].counts = out.u;
    parts[0].bins = parts[1].bins = 8;
    parts[0].hi = parts[1].hi = 1;
    sum = parts[0];
    sum.counts = out.u + 1000;
    memset(out.u + 1000, 0, 8 * 8);
    for (made = 0; made < 8; made++) out.u[made] = made * made + 1;
    if (st == MEDVOL_OK) st = mv_histogram_fold(c, &sum, parts, 2);
    return tried(st == MEDVOL_OK ? mv_otsu(c, out.d + 2000, &sum) : st);
}
static mv_status op_free_maps(mv_ctx *c) {
    mv_status st;
    R.on = 1;
    st = mv_linear_f32(c, out.f, numbers, N, 2, 1);
    if (st == MEDVOL_OK) st = mv_clamp_f32(c, out.f + N, numbers, N, 0, 9);
    if (st == MEDVOL_OK) st = mv_threshold_f32(c, out.f + 2 * N, numbers, N, 0, 9, NULL);
    if (st == MEDVOL_OK) st = mv_znorm_f32(c, out.f + 3 * N, numbers, N, NULL);
    if (st == MEDVOL_OK) st = mv_rescale_f32(c, out.f + 4 * N, numbers, N, 0, 1, NULL);
    if (st == MEDVOL_OK) st = mv_gamma_f32(c, out.f + 5 * N, numbers, N, 0.5, NULL);
    return tried(st);
}
static mv_status op_free_ldlt(mv_ctx *c) { /* what takes the factors, and few queries of tree and cells */
    static const double l[4] = {2, 0.5, 0, -3};
    static const int32_t pivot[2] = {0, 1};
    uint32_t index[5];
    mv_kdtree t;
    mv_cells g;
    size_t signs[3];
    mv_status st;
    if (mv_kdtree_init(T_NONE, &t, pin[0], pin[1], pin[2], 5) < 0) abort();
    if (mv_cells_init(T_NONE, &g, pin[0], pin[1], pin[2], 5, 0) < 0) abort();
    R.on = 1;
    out.d[0] = 1, out.d[1] = 2;
    st = mv_ldlt_inertia_f64(c, signs, l, 2, pivot, 2);
    if (st == MEDVOL_OK) st = mv_ldlt_solve_f64(c, out.d, 2, l, 2, pivot, 2, 1);
    if (st == MEDVOL_OK) st = mv_kdtree_nearest(c, &t, index, out.d + 2, pin[3], pin[4], pin[5], 5, 1, NULL);
    if (st == MEDVOL_OK) st = mv_cells_nearest(c, &g, index, out.d + 7, pin[3], pin[4], pin[5], 5, 1, NULL);
    mv_kdtree_free(T_NONE, &t);
    mv_cells_free(T_NONE, &g);
    return tried(st);
}
static mv_status op_free_permute(mv_ctx *c) {
    return TRY(mv_permute_array(c, out.f, NULL, numbers, NULL, 4, 3, whole.dim, (const int[]){2, 0, 1}, 1));
}

static mv_fft_desc transform_of(size_t nx, size_t ny, size_t nz) { /* to an array smaller along z */
    mv_fft_desc d = {0};
    d.ndim = 3;
    d.dim[0] = nx, d.dim[1] = ny, d.dim[2] = nz;
    d.out_dim[2] = nz - nz / 2;
    return d;
}
static mv_status transform(mv_ctx *c, mv_fft_desc d, int planning) {
    mv_fft_plan plan;
    mv_status st;
    if (planning) st = TRY(mv_fft_plan_init(c, &plan, &d));
    else must(st = mv_fft_plan_init(c, &plan, &d));
    if (st < 0) spoiled |= plan.tables != NULL;
    else if (planning) must(mv_fft_plan_execute(c, &plan, out.f, numbers));
    else st = TRY(mv_fft_plan_execute(c, &plan, out.f, numbers));
    mv_fft_plan_free(c, &plan);
    return st;
}
static mv_status nu_init(mv_ctx *c, const mv_volume *traj, int weights) { /* used with all its memory */
    mv_nufft plan;
    const mv_status st = TRY(mv_nufft_init(c, &plan, nu_shape, traj, &(mv_nufft_opt){.weights = weights}));
    if (st < 0) spoiled |= plan.tables != NULL;
    else must(mv_nufft_forward_c64(c, &plan, 0, out.f, (const float *)kspace.data, NULL, 3, NULL, 0));
    mv_nufft_free(c, &plan);
    return st;
}
static mv_status op_nufft_init(mv_ctx *c) { return nu_init(c, &nu.traj, 1); }
static mv_status op_nufft_init_complex(mv_ctx *c) { return nu_init(c, &nu.trajc, 2); }
static mv_status op_nufft_forward_c64(mv_ctx *c) {
    return TRY(mv_nufft_forward_c64(c, &nu.plan, 0, out.f, (const float *)kspace.data, NULL, 3, nu.w, 0));
}
static mv_status op_nufft_adjoint_c64(mv_ctx *c) {
    return TRY(mv_nufft_adjoint_c64(c, &nu.plan, 0, out.f, nu.y, (const float *)sens.data, 3, nu.w, 0));
}
static mv_status third(mv_ctx *c, int what) {
    mv_nufft3 plan;
    mv_status st;
    if (what == 0) st = TRY(mv_nufft3_init(c, &plan, 2, 20, nu.k, 30, nu.k, NULL));
    else must(st = mv_nufft3_init(c, &plan, 2, 20, nu.k, 30, nu.k, NULL));
    if (st < 0) spoiled |= plan.tables != NULL;
    else if (what == 0) must(mv_nufft3_execute(c, &plan, out.f, nu.y, 1));
    else if (what == 1) st = TRY(mv_nufft3_execute(c, &plan, out.f, nu.y, 2));
    else st = TRY(mv_nufft3_adjoint(c, &plan, out.f, nu.y, 2));
    mv_nufft3_free(c, &plan);
    return st;
}
static mv_status op_nufft3_init(mv_ctx *c) { return third(c, 0); }
static mv_status op_nufft3_execute(mv_ctx *c) { return third(c, 1); }
static mv_status op_nufft3_adjoint(mv_ctx *c) { return third(c, 2); }
static mv_status nu_toeplitz(mv_ctx *c, int basis) {
    mv_toeplitz t;
    mv_status st;
    if (basis)
        st = TRY(mv_toeplitz_init_basis(c, &t, nu_shape, &nu.trajc, &nu.wdouble, nu_basis, 2, 4, NULL));
    else st = TRY(mv_toeplitz_init(c, &t, nu_shape, &nu.trajc, &nu.wdouble, NULL));
    if (st < 0) spoiled |= t.tables != NULL;
    else must(mv_toeplitz_normal_c64(c, &t, 0, out.f, (const float *)kspace.data, NULL, 1, 0));
    mv_toeplitz_free(c, &t);
    return st;
}
static mv_status op_toeplitz_init(mv_ctx *c) { return nu_toeplitz(c, 0); }
static mv_status op_toeplitz_init_basis(mv_ctx *c) { return nu_toeplitz(c, 1); }
static mv_status op_toeplitz_normal_c64(mv_ctx *c) {
    return TRY(mv_toeplitz_normal_c64(c, &nu.subspace, 0, out.f, (const float *)kspace.data,
        (const float *)sens.data, 3, 0));
}
static mv_status op_fft_plan(mv_ctx *c) { return transform(c, transform_of(12, 9, 5), 1); }
static mv_status op_fft_plan_rader(mv_ctx *c) { return transform(c, transform_of(37, 4, 3), 1); }
static mv_status op_fft_plan_chirp(mv_ctx *c) { return transform(c, transform_of(47, 4, 3), 1); }
static mv_status op_fft_plan_real(mv_ctx *c) {
    mv_fft_desc d = transform_of(12, 9, 5);
    d.flags = MEDVOL_FFT_REAL;
    return transform(c, d, 1);
}
static mv_status op_fft_plan_halves(mv_ctx *c) { /* back to reals, half spectra in the destination */
    mv_fft_desc d = transform_of(32, 4, 5);
    d.out_dim[2] = 0;
    d.flags = MEDVOL_FFT_REAL | MEDVOL_FFT_INVERSE;
    return transform(c, d, 1);
}
static mv_status op_fft_plan_long(mv_ctx *c) {
    mv_fft_desc d = {0};
    mv_fft_plan plan;
    mv_status st;
    d.ndim = 1;
    d.dim[0] = 2048;
    st = TRY(mv_fft_plan_init(c, &plan, &d));
    if (st < 0) spoiled |= plan.tables != NULL;
    else must(mv_fft_plan_execute(c, &plan, out.f, out.f + 4096));
    mv_fft_plan_free(c, &plan);
    return st;
}
static mv_status op_phase(mv_ctx *c) {
    mv_shift s = {{9, 9, 9}, {0, 0, 0}, 0, 0};
    mv_status st = TRY(mv_phase_correlate(c, &s, &whole, &whole, &(mv_phase_opt){.upsample = 10}));
    if (st < 0) spoiled |= s.voxel[0] != 9;
    else out.u[0] = s.voxel[0] == 0 && s.peak > 0.5;
    return st;
}
static mv_status op_pyramid(mv_ctx *c) { /* all levels or none */
    mv_volume lv[3];
    mv_status st;
    int k;
    memset(lv, 0, sizeof lv);
    st = TRY(mv_pyramid(c, lv, 3, &series, &(mv_pyramid_opt){.least = 2}));
    for (k = 0; k < 3; k++) {
        if (st < 0) spoiled |= lv[k].data != NULL;
        else out.u[k] = volume_crc(&lv[k]);
        mv_volume_free(c, &lv[k]);
    }
    return st;
}
static mv_status op_coil_noise(mv_ctx *c) { return TRY(mv_coil_noise(c, out.d, &coils)); }
static mv_status op_coil_matrix(mv_ctx *c) {
    return TRY(mv_coil_compress_matrix(c, out.d, out.d + 100, 2, &coils, NULL));
}
static mv_status op_coil_gcc_matrix(mv_ctx *c) {
    return TRY(mv_coil_gcc_matrix(c, out.d, 2, &coils, NULL));
}
static mv_status op_espirit_values(mv_ctx *c) { /* two results: neither or both */
    const size_t dim[4] = {10, 10, NZ, 4};
    mv_volume maps, values;
    mv_status st;
    must(mv_volume_wrap(T_NONE, &maps, out.f, MEDVOL_C64, 4, dim, NULL));
    memset(&values, 0, sizeof values);
    st = TRY(mv_espirit(c, &maps, &coils, 
        &(mv_espirit_opt){
            .calib = {8, 8, 5}, .kernel = {2, 2, 2}, .shape = {10, 10, NZ}, .values = &values}));
    if (st < 0) spoiled |= values.data != NULL;
    mv_volume_free(c, &values);
    return st;
}
static mv_status op_epi_estimate(mv_ctx *c) {
    double phase[2] = {9, 9};
    mv_status st = TRY(mv_epi_ghost_estimate(c, phase, &wave));
    if (st < 0) spoiled |= phase[0] != 9 || phase[1] != 9;
    else out.u[0] = phase[0] != 9;
    return st;
}
static mv_status op_fft_kept(mv_ctx *c) { /* plans are kept, and what cannot be kept is an error */
    mv_ctx own;
    mv_ctx_desc d = c->desc;
    mv_volume v;
    mv_status st;
    d.threads = 1;
    memset(&v, 0, sizeof v);
    must(mv_ctx_init(&own, &d));
    st = TRY(mv_fft(&own, &v, &whole, NULL));
    c->error = own.error;
    if (st == MEDVOL_OK) out.u[0] = volume_crc(&v);
    mv_volume_free(&own, &v);
    mv_ctx_free(&own);
    return st;
}
static mv_status op_fft_execute(mv_ctx *c) { return transform(c, transform_of(12, 9, 5), 0); }
static mv_status op_free_fft(mv_ctx *c) {
    mv_fft_desc d = transform_of(12, 9, 5);
    mv_fft_plan plan;
    must(mv_fft_plan_init(c, &plan, &d));
    R.on = 1;
    made = mv_fft_good_size(211, 0);
    must(mv_fft_plan_scratch_size(&plan) > sizeof out / 2 ? MEDVOL_E_SPACE : MEDVOL_OK);
    must(mv_fft_plan_execute_with(&plan, out.f, numbers, out.f + 4096));
    mv_fft_plan_free(c, &plan);
    return tried(MEDVOL_OK);
}

static mv_status op_free_nufft(mv_ctx *c) {
    mv_nufft plan;
    mv_nufft3 third_plan;
    mv_toeplitz t;
    must(mv_nufft_init(c, &plan, nu_shape, &nu.traj, NULL));
    must(mv_nufft3_init(c, &third_plan, 2, 20, nu.k, 30, nu.k, NULL));
    must(mv_toeplitz_init(c, &t, nu_shape, &nu.traj, NULL, NULL));
    R.on = 1;
    mv_nufft_free(c, &plan);
    mv_nufft3_free(c, &third_plan);
    mv_toeplitz_free(c, &t);
    return tried(MEDVOL_OK);
}

/* dense linear algebra; what changes in place stays as it was when memory is refused */
enum { SIDE = 40 };
static double square[2][2 * SIDE * SIDE];
static void square_init(size_t unit) { /* 2: complex */
    size_t i;
    for (i = 0; i < 2 * SIDE * SIDE; i++) square[0][i] = (double)(i % 7) * 0.01;
    for (i = 0; i < SIDE; i++) square[0][unit * i * (SIDE + 1)] = 9;
    memcpy(square[1], square[0], sizeof square[1]);
}
static mv_status square_done(mv_status st) {
    if (st < 0) spoiled |= memcmp(square[0], square[1], sizeof square[0]) != 0;
    else memcpy(out.d, square[0], sizeof square[0]);
    return st;
}
#define GEMM(type, real, p)                                                                                  \
    static mv_status op_gemm_##type(mv_ctx *c) {                                                             \
        const real *a = (const real *)(const void *)square[1];                                               \
        square_init(1);                                                                                      \
        return TRY(mv_gemm_##type(c, p, SIDE, a, SIDE, a, SIDE, SIDE, SIDE, SIDE, NULL));                    \
    }
static mv_status op_gemm_deep(mv_ctx *c) { /* slabs */
    static double a[8192];
    size_t i;
    for (i = 0; i < 8192; i++) a[i] = (double)(i % 13) - 6;
    return TRY(mv_gemm_f64(c, out.d, 1, a, 1, a, 8192, 1, 1, 8192, NULL));
}
/* slabs of sums */
#define DIAG(type, real, p)                                                                                  \
    static mv_status op_diag_##type(mv_ctx *c) {                                                             \
        static real a[2 * 16500];                                                                            \
        size_t i;                                                                                            \
        for (i = 0; i < 2 * 16500; i++) a[i] = (real)(i % 13) - 6;                                           \
        return TRY(mv_gemm_diag_##type(c, p, a, 1, a, 16500, 1, 16500, NULL));                               \
    }
DIAG(f32, float, out.f)
DIAG(f64, double, out.d)
DIAG(c64, float, out.f)
DIAG(c128, double, out.d)
#undef DIAG
GEMM(f32, float, out.f)
GEMM(f64, double, out.d)
GEMM(c64, float, out.f)
GEMM(c128, double, out.d)
#undef GEMM
static mv_status op_chol_f64(mv_ctx *c) {
    square_init(1);
    return square_done(TRY(mv_chol_f64(c, square[0], SIDE, SIDE)));
}
static mv_status op_chol_c128(mv_ctx *c) {
    square_init(2);
    return square_done(TRY(mv_chol_c128(c, square[0], SIDE, SIDE)));
}
static mv_status op_ldlt(mv_ctx *c) {
    static int32_t pivot[SIDE];
    square_init(1);
    return square_done(TRY(mv_ldlt_f64(c, square[0], SIDE, pivot, SIDE)));
}
static const double *factor_of(int cx) {
    static double l[2 * SIDE * SIDE];
    size_t i;
    memset(l, 0, sizeof l);
    for (i = 0; i < SIDE; i++) l[(cx ? 2 : 1) * i * (SIDE + 1)] = (double)(i + 1);
    return l;
}
static mv_status op_chol_solve_f64(mv_ctx *c) {
    square_init(1);
    return square_done(TRY(mv_chol_solve_f64(c, square[0], SIDE, factor_of(0), SIDE, SIDE, SIDE)));
}
static mv_status op_chol_solve_c128(mv_ctx *c) {
    square_init(2);
    return square_done(TRY(mv_chol_solve_c128(c, square[0], SIDE, factor_of(1), SIDE, SIDE, SIDE)));
}
static mv_status op_eigh_f64(mv_ctx *c) {
    square_init(1);
    return TRY(mv_eigh_f64(c, out.d, out.d + SIDE, SIDE, square[1], SIDE, SIDE));
}
static mv_status op_eigh_c128(mv_ctx *c) {
    square_init(2);
    return TRY(mv_eigh_c128(c, out.d, out.d + SIDE, SIDE, square[1], SIDE, SIDE));
}
static mv_status op_svd_f64(mv_ctx *c) {
    square_init(1);
    return TRY(mv_svd_f64(c, out.d + 16, SIDE, out.d, out.d + 16 + 9 * SIDE, 9, square[1], SIDE, SIDE, 9));
}
static mv_status op_svd_c128(mv_ctx *c) {
    square_init(2);
    return TRY(mv_svd_c128(c, out.d + 16, SIDE, out.d, out.d + 16 + 18 * SIDE, 9, square[1], SIDE, SIDE, 9));
}

/* missing lines of two coils: a source and calibration lines to be converted, a mask */
static double lines_of[2 * 6 * 12 * 2];
static mv_volume grappa_source(void) {
    static const size_t dim[4] = {6, 12, 1, 2};
    mv_volume v;
    size_t i;
    uint32_t seed = 7;
    for (i = 0; i < sizeof lines_of / sizeof *lines_of; i++, seed = seed * 1664525u + 1013904223u)
        lines_of[i] = (double)(seed >> 16) / 32768 - 1;
    must(mv_volume_wrap(T_NONE, &v, lines_of, MEDVOL_C128, 4, dim, NULL));
    return v;
}
static mv_volume grappa_mask(void) {
    static uint8_t on[12];
    static const size_t dim[2] = {1, 12};
    mv_volume v;
    size_t i;
    for (i = 0; i < 12; i++) on[i] = i % 2 == 0;
    must(mv_volume_wrap(T_NONE, &v, on, MEDVOL_U8, 2, dim, NULL));
    return v;
}
static mv_status op_grappa_init(mv_ctx *c) {
    const mv_volume acs = grappa_source(), m = grappa_mask();
    mv_grappa g;
    mv_status st = TRY(mv_grappa_init(c, &g, &acs, &m, NULL));
    if (st < 0) spoiled |= g.kernels != NULL;
    else out.u[0] = g.accel[0] * 10 + g.coils;
    mv_grappa_free(c, &g);
    return st;
}
static mv_status op_grappa_execute(mv_ctx *c) {
    const mv_volume acs = grappa_source(), m = grappa_mask();
    mv_volume d;
    mv_grappa g;
    mv_status st;
    memset(&d, 0, sizeof d);
    must(mv_grappa_init(c, &g, &acs, &m, NULL));
    st = TRY(mv_grappa_execute(c, &g, &d, &acs));
    spoiled |= st < 0 && d.data;
    if (st == MEDVOL_OK) out.u[0] = volume_crc(&d);
    mv_volume_free(c, &d);
    mv_grappa_free(c, &g);
    return st;
}
static mv_status op_grappa_recon(mv_ctx *c) {
    const mv_volume src = grappa_source();
    mv_volume d, m = grappa_mask();
    mv_grappa_opt o;
    mv_status st;
    memset(&d, 0, sizeof d);
    memset(&o, 0, sizeof o);
    memset((uint8_t *)m.data + 4, 1, 4); /* and of these the calibration lines */
    o.kernel[1] = 2;
    st = TRY(mv_grappa_recon(c, &d, &src, NULL, &m, &o));
    spoiled |= st < 0 && d.data;
    if (st == MEDVOL_OK) out.u[0] = volume_crc(&d);
    mv_volume_free(c, &d);
    return st;
}
static mv_status op_free_grappa(mv_ctx *c) { /* in place */
    static float own[2 * 6 * 12 * 2];
    const mv_volume acs = grappa_source(), m = grappa_mask();
    mv_volume v;
    mv_grappa g;
    mv_status st;
    size_t i;
    for (i = 0; i < sizeof own / sizeof *own; i++) own[i] = (float)lines_of[i];
    must(mv_volume_wrap(T_NONE, &v, own, MEDVOL_C64, 4, acs.dim, NULL));
    must(mv_grappa_init(c, &g, &acs, &m, NULL));
    R.on = 1;
    must(mv_grappa_kernel(c, &g, 1, 0, NULL, NULL));
    st = mv_grappa_execute(c, &g, &v, &v);
    out.u[0] = volume_crc(&v);
    mv_grappa_free(c, &g);
    return tried(st);
}
/* ---- transport ---- */
static mv_stopping water;
static mv_status op_march(mv_ctx *c) {
    const mv_beam b = {40, 0, 0, 2, 0, 0, 0};
    mv_transport_report r, was;
    mv_transport_opt o;
    mv_volume d;
    mv_status st;
    must(mv_stopping_init(c, &water, NULL));
    memset(&o, 0, sizeof o);
    memset(&d, 0, sizeof d);
    memset(&r, PATTERN, sizeof r);
    was = r;
    o.nx = 16, o.nz = 20, o.angles = 21, o.most_leak = 1, o.spread = out.d;
    st = TRY(mv_transport_march(c, &d, &r, NULL, &b, 1, &water, &o));
    spoiled |= st < 0 && (d.data != NULL || memcmp(&r, &was, sizeof r) != 0);
    mv_volume_free(c, &d);
    return st;
}
static mv_status op_march_ct(mv_ctx *c) {
    const double hu = 1.5;
    const size_t dim[3] = {16, 1, 20};
    static int16_t tissue[16 * 20];
    const mv_beam b = {40, 0, 0, 2, 0, 0, 0};
    mv_transport_opt o;
    mv_volume d, ct;
    mv_status st;
    must(mv_stopping_init(c, &water, NULL));
    must(mv_volume_wrap(c, &ct, tissue, MEDVOL_I16, 3, dim, NULL));
    ct.slope = 2, ct.inter = hu;
    memset(&o, 0, sizeof o);
    memset(&d, 0, sizeof d);
    o.angles = 21, o.most_leak = 1, o.spread = out.d;
    st = TRY(mv_transport_march(c, &d, NULL, &ct, &b, 1, &water, &o));
    spoiled |= st < 0 && d.data != NULL;
    mv_volume_free(c, &d);
    return st;
}
static mv_status op_dose_of(mv_ctx *c, int tissues) {
    const size_t dim[3] = {10, 4, 12};
    static int16_t tissue[10 * 4 * 12];
    mv_spot s[2];
    mv_transport_report r, was;
    mv_transport_opt o;
    mv_volume d, ct;
    mv_status st;
    must(mv_stopping_init(c, &water, NULL));
    must(mv_volume_wrap(c, &ct, tissue, MEDVOL_I16, 3, dim, NULL));
    memset(&o, 0, sizeof o);
    memset(&d, 0, sizeof d);
    memset(s, 0, sizeof s);
    memset(&r, PATTERN, sizeof r);
    was = r;
    s[0].beam.energy = 30, s[0].beam.size = s[0].size_y = 1;
    s[1] = s[0], s[1].beam.energy = 25;
    o.nx = 10, o.ny = 4, o.nz = 12, o.angles = 21, o.most_leak = 1, o.grays = 1;
    st = TRY(mv_transport_dose(c, &d, &r, tissues ? &ct : NULL, s, 2, &water, &o));
    spoiled |= st < 0 && (d.data != NULL || memcmp(&r, &was, sizeof r) != 0);
    if (st == MEDVOL_OK) out.u[0] = volume_crc(&d);
    mv_volume_free(c, &d);
    return st;
}
static mv_status op_dose(mv_ctx *c) { return op_dose_of(c, 0); }
static mv_status op_dose_ct(mv_ctx *c) { return op_dose_of(c, 1); }
static mv_status op_transport_step(mv_ctx *c) {
    static const double energy[4] = {5, 20, 40, 70};
    static float psi[4 * 5 * 6], was[4 * 5 * 6];
    static double dose[6], before[6];
    mv_transport_grid g;
    mv_status st;
    size_t i;
    must(mv_stopping_init(c, &water, NULL));
    for (i = 0; i < 4 * 5 * 6; i++) was[i] = psi[i] = (float)i;
    memset(dose, 0, sizeof dose);
    memcpy(before, dose, sizeof dose);
    memset(&g, 0, sizeof g);
    g.nx = 3, g.nz = 2, g.angles = 5, g.energies = 4;
    g.dx = 1.5, g.dz = 2, g.angle = -0.8, g.dangle = 0.4;
    g.energy = energy, g.cutoff = 6;
    st = TRY(mv_transport_step(c, psi, dose, NULL, &g, &water, 1.7, NULL));
    spoiled |= st < 0 && (memcmp(psi, was, sizeof psi) != 0 || memcmp(dose, before, sizeof dose) != 0);
    if (st == MEDVOL_OK) memcpy(out.f, psi, sizeof psi), memcpy(out.d + 100, dose, sizeof dose);
    return st;
}
static mv_status op_depth_dose(mv_ctx *c) {
    mv_depth_dose_measures m, was;
    mv_status st;
    memset(&m, PATTERN, sizeof m);
    was = m;
    st = TRY(mv_depth_dose(c, out.d, out.d + 20, &m, &grid));
    spoiled |= st < 0 && memcmp(&m, &was, sizeof m) != 0;
    return st;
}
static mv_status op_free_transport(mv_ctx *c) {
    static const double z[1] = {6}, a[1] = {12.011}, share[1] = {1}, t[1] = {50};
    mv_medium m;
    mv_stopping s;
    mv_status st;
    R.on = 1;
    st = mv_medium_make(c, &m, z, a, share, 1, 2, 80);
    if (st == MEDVOL_OK) st = mv_stopping_init(c, &s, &m);
    if (st == MEDVOL_OK) st = mv_stopping_power(c, out.d, &s, t, 1);
    if (st == MEDVOL_OK) st = mv_stopping_range(c, out.d + 1, &s, t, 1);
    if (st == MEDVOL_OK) st = mv_stopping_energy(c, out.d + 2, &s, out.d + 1, 1);
    if (st == MEDVOL_OK) st = mv_scattering_power(c, out.d + 3, &s, t, 1, 70, MEDVOL_SCATTER_ROSSI);
    if (st == MEDVOL_OK) st = mv_gaussian_discrete(c, out.d + 4, 20, 1.5);
    if (st == MEDVOL_OK) st = mv_transport_energies(c, out.d + 30, 20, 2, 100, 2, &s);
    return tried(st);
}

/* a cache with one block, packed, and one volume */
static mv_cache *cache_of(mv_ctx *c) {
    mv_cache_opt o;
    mv_cache *made_here = NULL;
    memset(&o, 0, sizeof o);
    o.compress = MEDVOL_CACHE_LZ4, o.compress_from = 100;
    must(mv_cache_open(c, &made_here, &o));
    must(mv_cache_put(c, made_here, "block", 5, numbers, sizeof numbers, 4));
    must(mv_cache_put_volume(c, made_here, "volume", 6, &whole));
    return made_here;
}
static size_t entries_of(mv_ctx *c, mv_cache *x) {
    mv_cache_stats s;
    must(mv_cache_get_stats(c, x, &s));
    return s.entries;
}
static mv_status op_lz4_compress(mv_ctx *c) {
    return TRY(mv_lz4_compress(c, out.b, sizeof out, numbers, sizeof numbers, &made));
}
static mv_status op_cache_open(mv_ctx *c) {
    mv_cache *x = (mv_cache *)(void *)&out;
    mv_status st = TRY(mv_cache_open(c, &x, NULL));
    spoiled |= st < 0 && x;
    mv_cache_close(c, x);
    return st;
}
static mv_status op_cache_put(mv_ctx *c) { /* what was there stays when there is no memory */
    mv_cache *x = cache_of(c);
    mv_status st = TRY(mv_cache_put(c, x, "block", 5, numbers, sizeof numbers - 400, 4));
    size_t n = 0;
    must(mv_cache_get(c, x, "block", 5, out.b, sizeof out.b, &n));
    spoiled |= n != sizeof numbers - (st < 0 ? 0 : 400) || memcmp(out.b, numbers, n);
    if (st < 0) memset(&out, PATTERN, sizeof out);
    mv_cache_close(c, x);
    return st;
}
static mv_status op_cache_many(mv_ctx *c) { /* the 65th wants a longer table; without one chains are longer */
    mv_cache *x = NULL;
    mv_status st;
    size_t i;
    must(mv_cache_open(c, &x, NULL));
    for (i = 0; i < 64; i++) must(mv_cache_put(c, x, &i, sizeof i, &i, sizeof i, 1));
    R.on = 1;
    for (st = MEDVOL_OK; i < 66 && st == MEDVOL_OK; i++)
        st = mv_cache_put(c, x, &i, sizeof i, &i, sizeof i, 1);
    tried(st);
    if (st == MEDVOL_OK)
        for (out.u[0] = i = 0; i < 66; i++) {
            size_t value = 0;
            must(mv_cache_get(c, x, &i, sizeof i, &value, sizeof value, NULL));
            out.u[0] += value;
        }
    mv_cache_close(c, x);
    return st;
}
static mv_status op_cache_get(mv_ctx *c) {
    mv_cache *x = cache_of(c);
    mv_status st = TRY(mv_cache_get(c, x, "block", 5, out.b, sizeof out.b, NULL));
    spoiled |= entries_of(c, x) != 2;
    mv_cache_close(c, x);
    return st;
}
static mv_status op_cache_pin(mv_ctx *c) {
    mv_cache *x = cache_of(c);
    const void *p = NULL;
    mv_status st = TRY(mv_cache_pin(c, x, "block", 5, &p, NULL));
    spoiled |= st < 0 ? p != NULL : memcmp(p, numbers, sizeof numbers) != 0;
    mv_cache_close(c, x);
    return st;
}
static mv_status op_cache_put_volume(mv_ctx *c) { /* one that has gaps */
    mv_cache *x = cache_of(c);
    mv_status st = TRY(mv_cache_put_volume(c, x, "part", 4, &part));
    spoiled |= entries_of(c, x) != (st < 0 ? 2u : 3u);
    mv_cache_close(c, x);
    return st;
}
static mv_status op_cache_get_volume(mv_ctx *c) {
    mv_cache *x = cache_of(c);
    mv_volume d;
    mv_status st;
    memset(&d, 0, sizeof d);
    st = TRY(mv_cache_get_volume(c, x, "volume", 6, &d));
    spoiled |= st < 0 && d.data;
    if (st == MEDVOL_OK) out.u[0] = volume_crc(&d);
    mv_volume_free(c, &d);
    mv_cache_close(c, x);
    return st;
}
static mv_status op_cache_get_strided(mv_ctx *c) { /* into memory with gaps */
    static float own[2 * N];
    const size_t start[3] = {1, 0, 0}, box[3] = {NX, NY, NZ}, dim[3] = {NX + 2, NY, NZ};
    mv_cache *x = cache_of(c);
    mv_volume all, v;
    mv_status st;
    memset(own, 0, sizeof own);
    must(mv_volume_wrap(T_NONE, &all, own, MEDVOL_F32, 3, dim, NULL));
    must(mv_volume_view(T_NONE, &v, &all, start, box));
    must(mv_cache_put_volume(c, x, "f", 1, &v));
    own[1] = 5;
    st = TRY(mv_cache_get_volume(c, x, "f", 1, &v));
    spoiled |= own[1] != (st < 0 ? 5 : 0);
    if (v.owns_nifti) mv_volume_free(c, &v);
    mv_cache_close(c, x);
    return st;
}
static const char *file_of_one(void) {
    const char *path = t_path("oom-cached.nii");
    mv_ctx *was = T;
    must(mv_save(T_NONE, &whole, path, NULL));
    T = was;
    return path;
}
static mv_status op_load_cached(mv_ctx *c) { /* one that is kept: what cannot be kept is no failure */
    const char *path = file_of_one();
    mv_cache *x = cache_of(c);
    mv_volume d;
    mv_status st;
    memset(&d, 0, sizeof d);
    must(mv_load_cached(c, x, &d, path, NULL));
    mv_volume_free(c, &d);
    st = TRY(mv_load_cached(c, x, &d, path, NULL));
    spoiled |= st < 0 && d.data;
    if (st == MEDVOL_OK) out.u[0] = volume_crc(&d);
    mv_volume_free(c, &d);
    mv_cache_close(c, x);
    return st;
}
static mv_status op_loader(mv_ctx *c) {
    const char *path = file_of_one();
    mv_loader *l = NULL;
    mv_loader_opt o;
    mv_loader_item it;
    mv_volume d;
    mv_status st;
    memset(&d, 0, sizeof d);
    memset(&o, 0, sizeof o);
    o.stop = 1, o.normalise = MEDVOL_LOADER_ZNORM, o.shape[0] = NX + 2;
    R.on = 1;
    st = mv_loader_open(c, &l, &path, 1, &o);
    if (st == MEDVOL_OK) st = mv_loader_next(c, l, &d, &it);
    else spoiled |= l != NULL;
    tried(st);
    spoiled |= st < 0 && d.data;
    if (st == MEDVOL_OK) out.u[0] = volume_crc(&d);
    mv_volume_free(c, &d);
    mv_loader_close(c, l);
    return st;
}
static mv_status op_free_cache(mv_ctx *c) {
    static uint8_t block[6] = {0x10, 'A', 1, 0, 0x10, 'B'}, turned_back[8];
    mv_cache *x = cache_of(c);
    const void *p = NULL;
    size_t n = 0;
    must(mv_cache_pin(c, x, "block", 5, &p, NULL));
    R.on = 1;
    out.u[0] = mv_lz4_bound(1000);
    must(mv_lz4_decompress(c, out.b + 100, 100, block, sizeof block, &n));
    must(mv_byte_shuffle(c, out.b + 200, "abcdefgh", 8, 4));
    must(mv_byte_unshuffle(c, turned_back, out.b + 200, 8, 4));
    must(mv_cache_unpin(c, x, "block", 5));
    must(mv_cache_remove(c, x, "volume", 6));
    out.u[1] = entries_of(c, x);
    must(mv_cache_clear(c, x));
    spoiled |= entries_of(c, x) || n != 6 || memcmp(turned_back, "abcdefgh", 8);
    mv_cache_close(c, x);
    mv_loader_close(c, NULL);
    return tried(MEDVOL_OK);
}

/* NONE: asks for no memory. WITHOUT: can do without what was refused, in another way. WRITES: bytes of dst
   may have been written to, as its description says. EITHER: a dst with memory may be all it takes. */
enum { NONE = 1, WITHOUT = 2, WRITES = 4, EITHER = 8 };
static const struct {
    const char *name;
    mv_status (*run)(mv_ctx *c);
    int flags;
} rows[] = {
#define ROW(name) {#name, op_##name, 0},
#define FREE(name) {#name, op_free_##name, NONE},
    ROW(stats) ROW(stats_mask) ROW(stats_array) ROW(percentiles) ROW(percentiles_f32) ROW(percentiles_array)
    ROW(percentiles_u8) ROW(median) ROW(mad) ROW(histogram) ROW(histogram_f32) ROW(histogram_array)
    ROW(foreground_box) ROW(pad_array) ROW(resample_shape_f32) ROW(resample_affine_f32)
    ROW(transform_points) ROW(jacobian_stats) ROW(metric_image) ROW(metric_windows) ROW(metric_plain)
    ROW(metric_chunks) ROW(metric_labels) ROW(metric_labels_listed) ROW(metric_surface)
    ROW(metric_surface_masks) ROW(metric_field) ROW(metric_points) ROW(traj_angles) ROW(traj_limits)
    ROW(gate_bins) ROW(delay_ring) ROW(delay_opposed) ROW(ncc) ROW(chi2) ROW(chi2_map)
    ROW(gain) ROW(gain_rows) ROW(pearson_rows) ROW(lags_f32) ROW(lags_f64) FREE(pearson) ROW(register_affine) ROW(register_mutual)
    ROW(register_phase) ROW(register_by) ROW(register_masked) ROW(register_turned) ROW(fit_points) ROW(tps_points)
    ROW(kdtree) ROW(kdtree_nearest) ROW(kdtree_radius) ROW(cells) ROW(cells_nearest) ROW(cells_radius)
    ROW(correct_report)
    ROW(register_robust) ROW(field_save) ROW(affine_save) ROW(affine_load) ROW(affine_load_gzip) ROW(affine_load_mem)
    ROW(affine_load_text) ROW(inflate) ROW(inflate_zlib) ROW(deflate) ROW(deflate_zlib) ROW(gzip_pack)
    {"gzip_unpack", op_gzip_unpack, WITHOUT}, /* then one member after the other */
    {"gzip_unpack_two", op_gzip_unpack_two, WITHOUT},
    ROW(gzip_open) ROW(gzip_open_mem) ROW(index_scan) ROW(index_mem) ROW(index_unpack) ROW(member)
    ROW(save_cfl) ROW(save_npy) ROW(save_mem_cfl) ROW(save_mem_npy) ROW(mrd_open) ROW(mrd_open_mem)
    ROW(mrd_next) ROW(writer_open) ROW(ext_add) ROW(ext_first) ROW(volume_alloc) ROW(save) ROW(save_pair)
    ROW(save_png)
    {"save_png_mem", op_save_png_mem, WRITES},
    ROW(save_mem) ROW(save_mem_gzip) ROW(save_mem_scaled) ROW(save_mem_pair) ROW(fft_plan)
    ROW(nufft_init) ROW(nufft_init_complex) ROW(nufft_forward_c64) ROW(nufft_adjoint_c64)
    ROW(nufft3_init) {"nufft3_execute", op_nufft3_execute, WRITES}, {"nufft3_adjoint", op_nufft3_adjoint, WRITES},
    ROW(toeplitz_init) ROW(toeplitz_init_basis) ROW(toeplitz_normal_c64) FREE(nufft)
    ROW(fft_plan_rader) ROW(fft_plan_chirp) ROW(fft_plan_real) ROW(fft_plan_halves) ROW(fft_plan_long)
    ROW(fft_execute) ROW(fft_kept) ROW(phase) ROW(pyramid)
    ROW(coil_noise) ROW(coil_matrix) ROW(espirit_values)
    ROW(epi_estimate) ROW(march) ROW(march_ct) ROW(dose) ROW(dose_ct) ROW(transport_step) ROW(depth_dose)
    ROW(coil_noise) ROW(coil_matrix) ROW(coil_gcc_matrix) ROW(espirit_values)
    ROW(gemm_f32) ROW(gemm_f64) ROW(gemm_deep) ROW(diag_f32) ROW(diag_f64) ROW(diag_c64) ROW(diag_c128) ROW(gemm_c64) ROW(gemm_c128) ROW(chol_f64) ROW(chol_c128)
    ROW(ldlt) ROW(chol_solve_f64) ROW(chol_solve_c128) ROW(eigh_f64) ROW(eigh_c128) ROW(svd_f64) ROW(svd_c128)
    ROW(reg_value) ROW(operator_check) ROW(solve_cg) ROW(solve_lsmr) ROW(solve_fista) ROW(solve_admm) ROW(solve_pdhg)
    ROW(grappa_init) ROW(grappa_execute) ROW(grappa_recon)
    ROW(lz4_compress) ROW(cache_open) ROW(cache_put) {"cache_many", op_cache_many, WITHOUT}, ROW(cache_get) ROW(cache_pin) ROW(cache_put_volume)
    ROW(cache_get_volume) ROW(cache_get_strided) ROW(load_cached) ROW(loader)
#ifdef MEDVOL_NO_THREADS /* a pool is all that takes memory */
    {"ctx_init", op_ctx_init, NONE},
#else
    ROW(ctx_init)
#endif

    ROW(workspace) ROW(workspace_small)
#ifdef OOM_SITES
    ROW(malloc) ROW(workspace_malloc)
#endif
    FREE(base) FREE(ctx) FREE(workspace) FREE(volumes) FREE(affines) FREE(sums) FREE(reader)
    FREE(writer) FREE(index) FREE(member) FREE(buffer) FREE(stats) FREE(ldlt) FREE(maps) FREE(permute) FREE(fft) FREE(grappa)
    FREE(mrd) FREE(cache) FREE(transport)
#undef ROW
#undef FREE
};

/* ---- the loop ---- */
static uint32_t out_crc(void) { return mv_crc32(0, &out, sizeof out); } /* ten times as fast as t_crc32 */
static size_t calls; /* rows, each in its ways, run through the loop */
static const held nothing;
static int alive(void) { return memcmp(&H, &nothing, sizeof H) != 0 || R.in_jobs; }
static mv_status once(mv_ctx *c, mv_status (*run)(mv_ctx *c), size_t k, int forever, uint32_t *crc) {
    mv_status st;
    memset(&out, PATTERN, sizeof out);
    made = SIZE_MAX;
    spoiled = 0;
    memset(&c->error, 0, sizeof c->error);
    R.asked = 0;
    R.refuse = k;
    R.forever = forever;
    R.ctx = c;
    st = run(c);
    R.on = 0;
    R.refuse = 0;
    *crc = out_crc();
    if (st == MEDVOL_OK) *crc = t_crc32(*crc, &made, sizeof made);
    else spoiled |= made != 0 && made != SIZE_MAX;
    return st;
}
static void every_refusal(mv_ctx *c, const char *name, mv_status (*run)(mv_ctx *c), int flags) {
    const held before = H;
    size_t n, k;
    uint32_t want, got, kept;
    int forever;
    mv_status st;
    H = nothing;
    memset(&out, PATTERN, sizeof out);
    kept = out_crc();
    st = once(c, run, flags & NONE, 1, &want);
    n = R.asked;
    if (!CHECK(st == MEDVOL_OK && !spoiled && !alive() && (flags & EITHER || !(flags & NONE) == (n > 0))))
        fprintf(stderr, "  %s: %s; %zu allocations\n", name, mv_message(c), n);
    calls++;
    if (n == 0) CHECK(once(c, run, 1, 1, &got) == MEDVOL_OK && got == want && R.asked == 0);
    for (k = 1; k <= n && n < SIZE_MAX; k++) {
        for (forever = 0; forever < 2; forever++) {
            st = once(c, run, k, forever, &got);
            if (st == MEDVOL_OK && (flags & WITHOUT) && !(forever && k == n)) {
                if (!CHECK(got == want && !alive()))
                    fprintf(stderr, "  %s: done without allocation %zu, but wrong\n", name, k);
                continue;
            }
            if (!CHECK(st == MEDVOL_E_NOMEM && c->error.code == MEDVOL_E_NOMEM && mv_message(c)[0]))
                fprintf(stderr, "  %s, allocation %zu of %zu: status %d, \"%s\"\n", name, k, n, (int)st,
                    mv_message(c));
            if (!CHECK(!spoiled && (got == kept || flags & WRITES)))
                fprintf(stderr, "  %s, allocation %zu of %zu: an output changed\n", name, k, n);
            if (!CHECK(!alive())) {
                fprintf(stderr, "  %s, allocation %zu of %zu: left are %zu blocks, %zu files, %zu temporary "
                                "ones, %zu maps, %zu threads, %zu locks; %zu were asked for in jobs\n", name,
                    k, n, H.blocks, H.files, H.temps, H.maps, H.threads, H.locks, R.in_jobs);
                H = nothing;
                R.in_jobs = 0;
            }
        }
        if (!CHECK(once(c, run, 0, 0, &got) == MEDVOL_OK && got == want && !alive()))
            fprintf(stderr, "  %s, after allocation %zu of %zu: %s\n", name, k, n, mv_message(c));
    }
    H = before;
}
static void every_row(mv_ctx *c) {
    static const mv_volume *const sources[] = {&whole, &part, &series};
    char name[64];
    size_t i, s;
    for (i = 0; i < sizeof rows / sizeof *rows; i++)
        every_refusal(c, rows[i].name, rows[i].run, rows[i].flags);
    for (i = 0; i < sizeof volume_rows / sizeof *volume_rows; i++)
        for (s = 0; s < (volume_rows[i].flags & SOURCE ? 1 : 3); s++)
            for (V.way = EMPTY; V.way <= (volume_rows[i].flags & (SOURCE | ALIASES) ? HELD : SELF); V.way++) {
                V.call = volume_rows[i].call;
                V.src = sources[s];
                V.loose = volume_rows[i].flags & LOOSE;
                snprintf(name, sizeof name, "%s, source %zu, way %d", volume_rows[i].name, s, V.way);
                every_refusal(c, name, run_volume, V.way == EMPTY ? 0 : EITHER);
            }
}
static void test_every(void) { /* the best level with three threads, the scalar one with one */
    int best = t_level, threads;
    make_volumes();
    make_files();
    files_init();
    H = nothing;
    for (threads = 3; threads >= 1; threads -= 2) {
        mv_ctx c;
        mv_ctx_desc desc;
        memset(&desc, 0, sizeof desc);
        desc.threads = threads;
        desc.mem_alloc = take;
        desc.mem_free = give;
        desc.io = &files;
        mv_level_force(threads == 1 ? 1 : best);
        CHECK_OK(mv_ctx_init(&c, &desc));
        c.keeps = 0; /* a plan that is kept would pass for a leak: see fft_kept */
        every_row(&c);
        mv_ctx_free(&c);
        CHECK(!alive());
    }
    mv_level_force(best);
    free_inputs();
#ifdef OOM_SITES
    printf("%zu calls, %zu refusals\n", calls, R.refused);
    for (threads = 0; threads < (int)nsites; threads++) printf("refused at %p\n", sites[threads]);
#endif
}

const t_case tests_oom[] = {
    {"every", test_every, T_ONCE},
    {NULL, NULL, 0},
};
