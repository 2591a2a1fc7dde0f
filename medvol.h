/* medvol.h - v0.2.0 - medical volumes at the speed of the memory bus - public domain or MIT-0, see [END]
   ==== [INTRO] ===========================================================================================
   Loads, transforms and saves NIfTI volumes, BART and NumPy arrays with SIMD kernels chosen at run time. No
   dependency but libc, libm and the platform's threads. C99 and later, C++11 and later.

   QUICK START
     In ONE .c or .cpp file:   #define MEDVOL_IMPLEMENTATION
                               #include "medvol.h"
     Everywhere else:          #include "medvol.h"
     Build:                    cc -O2 program.c -lm -lpthread

       mv_ctx ctx = {0};                                       a zero context is serial and uses malloc
       mv_volume t1 = {0};
       if (mv_load(&ctx, &t1, "t1.nii.gz", NULL) < 0) puts(mv_message(&ctx));
       mv_reorient(&ctx, &t1, &t1, "RAS", NULL);
       mv_znorm(&ctx, &t1, &t1, NULL);
       mv_save(&ctx, &t1, "out.nii.gz", NULL);
       mv_volume_free(&ctx, &t1);

   CONTENTS (search the tag)
     [INTRO]      this page
     [API]        every public declaration: the manual
     [BASE]       compiler and platform, messages, checked sizes, memory, scalar helpers
     [CTX]        context, thread pool, parallel-for, progress and cancel
     [DISPATCH]   CPU detection, SIMD levels, passes, MV__PICK
     [PASS]       the vector vocabulary of one level
     [VOLUME]     data types, volumes, views, affine geometry, type conversion
     [GZIP]       CRC-32, inflate, deflate, gzip members, block gzip
     [IO]         NIfTI, Analyze, BART, NumPy, MRD, maps, crop-first loads, saving, PNG
     [INTENSITY]  statistics, percentiles, histograms, z-norm, rescale, clamp, gamma, threshold
     [SPATIAL]    crop, pad, flip, permute, reorient, rotate by 90 degrees
     [RESAMPLE]   interpolation, resampling to spacing, shape, grid, by an affine
     [FFT]        Fourier transforms of one to seven axes, of any length
     [END]        close the pass, licence

   CONFIGURATION (define before the implementation; the first two also before every include)
     MEDVOL_STATIC          everything static, for one file only
     MEDVOL_NO_<SECTION>    GZIP IO INTENSITY SPATIAL RESAMPLE FFT: leave a section out ([IO] needs [GZIP])
     MEDVOL_MAX_LEVEL 1..4  highest SIMD level compiled in
     MEDVOL_SELF "name.h"   this file's name, when it was renamed
     MEDVOL_EXTRA "file.h"  kernels of your own in the vocabulary of [PASS], compiled at every level
     MEDVOL_NO_STDIO        no files: bytes come and go through mv_io hooks and memory
     MEDVOL_NO_MALLOC       no malloc: memory comes from the context's hooks
     MEDVOL_NO_THREADS      no own thread pool
     MEDVOL_NO_MMAP         no memory maps
     MEDVOL_NO_GETENV       MEDVOL_LEVEL is not read from the environment
   With the last five the implementation builds for a bare-metal target (-ffreestanding).

   RUN TIME
     MEDVOL_LEVEL=1..4 in the environment or mv_level_force(): 1 scalar, 2 SSE2 or NEON, 3 AVX2+FMA+F16C, 4
     AVX-512.

   NUMERICS
     No result depends on the number of threads. Reductions (sum, mean, variance, minimum, maximum) give the
     same bits at every level; maps differ by at most 2 ulp between levels unless an operation says otherwise.
     MEDVOL_NUMERICS rises whenever any result changes by one bit. Compile without -ffast-math and, with
     clang, without -ffp-contract=fast: a header cannot undo these.
     The scalar level is meant to give the same bits on every machine, big-endian and 32-bit ones too (there
     no volume exceeds 2 GB), but for gamma, LANCZOS, antialias and Fourier transforms, which rest on the C
     library's pow, exp, sin and cos. On 32-bit x86 the header turns on SSE2, for the x87 rounds twice:
     processors without SSE2 are not served.

   RELEASES
     0.2.0  the test programme; MEDVOL_NUMERICS 5. Fixed since 0.1.0 ([S]: of weight for those who open the
            files of strangers or keep those of patients):
       [S]  load: block gzip asked for its largest member once for each thread; now what the file holds
       [S]  load: limits.max_bytes did not bound header extensions
       [S]  save: the temporary file beside an existing one could be read by others for a moment; the group
            of the old file was lost, so that its rights could pass to another
       [S]  save: a pair whose .hdr could not be renamed kept the new .img; now the old one comes back
       [S]  mv_map: hooks without unmap or without an address gave a broken volume
            save: an interrupted fsync was a failure; the folder of a path over 1023 bytes was not flushed
            load: a cut gzip file with the option partial but no context was refused; an .img that cannot be
            read is told as such; wrong checksums behind the last voxel, long paths, entries of dim and
            pixdim, limits and busy files have messages of their own
            load: one that succeeded could leave a message about gzip in mv_message; with partial, a gzip
            file cut behind the last voxel was refused
            mv_map: files larger than memory and swap space; more than 2 GB on 32 bits is refused by name
            mv_resample_*: of a series, memory that ran out left the destination half written
            mv_ctx_init: locks were not given back when the system refused a later one
            signalling NaNs of bf16 had other bits at the scalar level when clang built it
            32-bit x86 and s390: other last bits than elsewhere, for steps in wider types
     0.1.0  first: core, files, everyday operations
*/
#ifndef MV__PASS
#if defined(MEDVOL_IMPLEMENTATION) && !defined(MV__ONCE)
/* Before any system header, so that a strict -std=c99 still shows pread, mmap and their kin. */
#  if !defined(_DEFAULT_SOURCE) && !defined(_GNU_SOURCE)
#    define _DEFAULT_SOURCE 1
#  endif
#  if !defined(_POSIX_C_SOURCE) && !defined(_GNU_SOURCE) && defined(__linux__)
#    define _POSIX_C_SOURCE 200809L
#  endif
#  if !defined(_FILE_OFFSET_BITS) && defined(__linux__)
#    define _FILE_OFFSET_BITS 64
#  endif
#endif
/* ==== [API] ============================================================================================= */
#ifndef MEDVOL_H
#define MEDVOL_H
#include <stddef.h>
#include <stdint.h>

#define MEDVOL_VERSION_NUMBER 200 /* major * 10000 + minor * 100 + patch */
#define MEDVOL_NUMERICS 5         /* rises whenever any result changes by one bit */

#ifdef MEDVOL_STATIC
#  if defined(__GNUC__) || defined(__clang__)
#    define MEDVOL_DEF static __attribute__((unused))
#  else
#    define MEDVOL_DEF static
#  endif
#else
#  define MEDVOL_DEF extern
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* ---- status and messages ------------------------------------------------------------------------------- */

/* Every call that can fail returns 0 or a negative status. Numbers are frozen; new ones are appended. */
#define MEDVOL_STATUS_LIST(X)                                                                                \
    X(OK, 0, "ok")                                                                                           \
    X(E_NULL, -1, "a required pointer is NULL")                                                              \
    X(E_SIZE, -2, "a size is zero, too large or overflows")                                                  \
    X(E_RANGE, -3, "a parameter is out of range or NaN")                                                     \
    X(E_NOMEM, -4, "out of memory")                                                                          \
    X(E_CANCELLED, -5, "cancelled by the progress callback")                                                 \
    X(E_DTYPE, -6, "the data type is unknown or not supported here")                                         \
    X(E_SHAPE, -7, "shapes do not match")                                                                    \
    X(E_ALIAS, -8, "buffers overlap where they must not")                                                    \
    X(E_IO, -9, "reading or writing failed")                                                                 \
    X(E_NOTFOUND, -10, "no such file")                                                                       \
    X(E_FORMAT, -11, "not a file of the expected format, or a malformed one")                                \
    X(E_CORRUPT, -12, "the data are corrupt")                                                                \
    X(E_TRUNCATED, -13, "the data end too early")                                                            \
    X(E_LIMIT, -14, "a limit of the context would be exceeded")                                              \
    X(E_UNSUPPORTED, -15, "not supported")                                                                   \
    X(E_SPACE, -16, "the output buffer is too small")                                                        \
    X(E_SINGULAR, -17, "the geometry cannot be inverted")                                                    \
    X(E_BUSY, -18, "the target is in use")                                                                   \
    X(E_EMPTY, -19, "no voxel is left to work on")                                                           \
    X(E_ACCESS, -20, "permission denied")                                                                    \
    X(E_EXISTS, -21, "the file exists already")                                                              \
    X(E_FULL, -22, "no space left on the device")

typedef enum mv_status {
#define MV__X(name, value, text) MEDVOL_##name = value,
    MEDVOL_STATUS_LIST(MV__X)
#undef MV__X
    MEDVOL_STATUS_FORCE_INT = 0x7fffffff
} mv_status;

/* The last failure: status, name of the field or argument, its value, byte offset in the file (of a field
   within gzip: in what it decodes to; -1: none), and one line of text such as "brain.nii: dim[3] = -4: must
   be at least 1". */
typedef struct mv_error {
    mv_status code;
    const char *field;
    double value;
    int64_t offset;
    char text[384];
} mv_error;

/* What a load mended on the way; mv_warnings() returns the sum. desc.strict turns each into
   MEDVOL_E_FORMAT. */
typedef enum mv_warning {
    MEDVOL_W_PIXDIM = 1,      /* a zero, negative or non-finite pixdim was replaced */
    MEDVOL_W_QUATERNION = 2,  /* the quaternion was too long and renormalised */
    MEDVOL_W_AFFINE = 4,      /* an unusable sform or qform was passed over */
    MEDVOL_W_BITPIX = 8,      /* bitpix disagrees with datatype, which rules */
    MEDVOL_W_EXTENSION = 16,  /* a malformed extension chain was kept verbatim */
    MEDVOL_W_TRAILING = 32,   /* bytes after the last gzip member */
    MEDVOL_W_UNVERIFIED = 64, /* the load stopped before a checksum was reached */
    MEDVOL_W_PARTIAL = 128,   /* voxels were missing and filled */
    MEDVOL_W_FORCE_INT = 0x7fffffff
} mv_warning;

/* ---- context ------------------------------------------------------------------------------------------- */

/* Bounds on what a file may claim; 0 takes the default in brackets. */
typedef struct mv_limits {
    uint64_t max_bytes;     /* bytes of one decoded file or one allocation made for it [no bound but the
                               data] */
    uint64_t max_ext_bytes; /* bytes of header extensions [256 MiB] */
    uint64_t max_members;   /* gzip members in one file [2^32] */
} mv_limits;

/* File access, so that firmware, archives and fault injection can stand in for the file system. All calls
   return 0 or a negative mv_status; read and write return the number of bytes moved (read: 0 is the end of
   the file, less than asked is allowed) or a negative status. `mode` is MEDVOL_IO_READ, MEDVOL_IO_CREATE or
   MEDVOL_IO_CREATE_PRIVATE (for the owner alone until protect; both fail when the file exists). map/unmap,
   sync, rename, resolve, protect and link may be NULL: without map or unmap, maps are refused; without
   rename, saving writes straight to the target. resolve follows symbolic links of `path` into buf
   (MEDVOL_E_SPACE: size bytes are too few) and refuses a target that exists and is no regular file
   (MEDVOL_E_UNSUPPORTED); 1: there is a file, and the new one will be created privately. protect gives an
   open new file the owner, group and permissions of the file at `like`, when there is one. link gives a file
   a second, new name, so that saving a pair can be undone. read must allow calls from several threads at once
   only in the platform's own hooks. */
enum { MEDVOL_IO_READ = 0, MEDVOL_IO_CREATE = 1, MEDVOL_IO_CREATE_PRIVATE = 2 };
typedef struct mv_io {
    void *user;
    int (*open)(void *user, const char *path, int mode, void **file);
    int (*size)(void *user, void *file, uint64_t *bytes);
    int64_t (*read)(void *user, void *file, uint64_t offset, void *dst, size_t n);
    int64_t (*write)(void *user, void *file, const void *src, size_t n);
    int (*sync)(void *user, void *file);
    int (*close)(void *user, void *file);
    int (*rename)(void *user, const char *from, const char *to);
    int (*remove)(void *user, const char *path);
    int (*resolve)(void *user, const char *path, char *buf, size_t size);
    int (*map)(void *user, void *file, uint64_t bytes, void **address);
    void (*unmap)(void *user, void *address, uint64_t bytes);
    int (*protect)(void *user, void *file, const char *like);
    int (*link)(void *user, const char *path, const char *other);
} mv_io;

/* Everything a context can be told; {0} means: threads on all cores, malloc, no callbacks, the file system.
   Fields may be changed in ctx->desc between calls, except threads. */
typedef struct mv_ctx_desc {
    int threads; /* 0: one a core; 1: serial; n: that many, the caller's thread included */
    int strict;  /* non-zero: what mv_warnings() would report becomes an error */
    /* memory: at least malloc's alignment; NULL together: malloc and free */
    void *(*mem_alloc)(void *user, size_t bytes);
    void (*mem_free)(void *user, void *block);
    void *mem_user;
    /* run job(arg, i) once for every i < njobs, in any order, and return when all have run; replaces the own
       pool */
    void (*parallel_for)(void *user, size_t njobs, void (*job)(void *arg, size_t i), void *arg);
    void *parallel_user;
    /* called from the calling thread now and then; non-zero stops the operation with MEDVOL_E_CANCELLED */
    int (*progress)(void *user, double done, double total, const char *label);
    void *progress_user;
    /* begin (1) and end (0) of each stage; called from the calling thread */
    void (*trace)(void *user, int begin, const char *name, size_t bytes);
    void *trace_user;
    const mv_io *io; /* NULL: the platform's files */
    mv_limits limits;
} mv_ctx_desc;

/* A context carries hooks, threads and the last message. {0} is valid: serial, malloc, the file system. NULL
   is taken too and then leaves no message. One thread at a time; kernels run on the pool. */
typedef struct mv_ctx {
    mv_ctx_desc desc;
    mv_error error;
    unsigned warnings;
    int busy;   /* private: inside mv_parallel_for */
    void *pool; /* private */
} mv_ctx;

/* mv_ctx_init: copy desc (NULL: all defaults) and start the threads. mv_ctx_free stops them; both leave a
   context that can be used or initialised again. Errors: MEDVOL_E_NULL, MEDVOL_E_RANGE (threads < 0 or >
   1024), MEDVOL_E_NOMEM. */
MEDVOL_DEF mv_status mv_ctx_init(mv_ctx *ctx, const mv_ctx_desc *desc);
MEDVOL_DEF void mv_ctx_free(mv_ctx *ctx);
/* mv_threads: how many threads work for this context, the caller's included. With a parallel_for hook:
   desc.threads. */
MEDVOL_DEF int mv_threads(const mv_ctx *ctx);
/* mv_parallel_for: job(arg, i) for each i < njobs on the context's threads, the caller's among them; returns
   when all have run. Which thread runs which i is open, so jobs write to separate places. `label` names the
   work to progress (NULL: no progress). A call from inside a job runs serially and silently: no progress, no
   trace. Errors: MEDVOL_E_NULL, MEDVOL_E_CANCELLED (jobs not yet begun are left out). */
MEDVOL_DEF mv_status mv_parallel_for(mv_ctx *ctx, size_t njobs, void (*job)(void *arg, size_t i), void *arg,
                                     const char *label);
/* mv_message: one line on the last failure ("" when there was none). mv_status_str: the general meaning of a
   status.
   mv_warnings: MEDVOL_W_* bits of the last load. mv_version: "0.2.0". None returns NULL. */
MEDVOL_DEF const char *mv_message(const mv_ctx *ctx);
MEDVOL_DEF const char *mv_status_str(mv_status status);
MEDVOL_DEF unsigned mv_warnings(const mv_ctx *ctx);
MEDVOL_DEF const char *mv_version(void);

/* mv_level: the SIMD level in use, 1 scalar, 2 SSE2 or NEON, 3 AVX2, 4 AVX-512. The first call chooses the
   best one that CPU, operating system and MEDVOL_LEVEL allow; level 4 is passed over on CPUs that lower their
   clock for it.
   mv_level_force: take a level (0: best; more than the CPU has: the most it has); returns the choice. Not
   while other threads compute. mv_level_name: "scalar", "sse2", "neon", "avx2", "avx512"; "?" for others. */
MEDVOL_DEF int mv_level(void);
MEDVOL_DEF int mv_level_force(int level);
MEDVOL_DEF const char *mv_level_name(int level);

/* ---- volumes ------------------------------------------------------------------------------------------- */

/* Data types by their NIfTI codes (f16 and bf16 are private codes, read by few other programs). F128 and C256
   are the platform-dependent long doubles of NIfTI: kept as raw bytes, never converted. */
typedef enum mv_dtype {
    MEDVOL_NONE = 0,
    MEDVOL_U8 = 2,
    MEDVOL_I16 = 4,
    MEDVOL_I32 = 8,
    MEDVOL_F32 = 16,
    MEDVOL_C64 = 32, /* two floats: real, imaginary */
    MEDVOL_F64 = 64,
    MEDVOL_RGB24 = 128,
    MEDVOL_I8 = 256,
    MEDVOL_U16 = 512,
    MEDVOL_U32 = 768,
    MEDVOL_I64 = 1024,
    MEDVOL_U64 = 1280,
    MEDVOL_F128 = 1536,
    MEDVOL_C128 = 1792, /* two doubles */
    MEDVOL_C256 = 2048,
    MEDVOL_RGBA32 = 2304,
    MEDVOL_F16 = 16384,
    MEDVOL_BF16 = 16385,
    MEDVOL_DTYPE_FORCE_INT = 0x7fffffff
} mv_dtype;

/* Header fields of a NIfTI file that no operation needs, kept so that saving gives them back. `affine` is the
   geometry the load chose: while the volume's is still the same, the file's own qform, sform and pixdim are
   written unchanged.
   ext: what stood between header and voxels after the extender: a chain of esize, ecode (in the machine's
   byte order) and data, or, when it was malformed, those bytes verbatim. */
typedef struct mv_nifti {
    int version;    /* 1 or 2; 0 is Analyze 7.5 */
    int big_endian; /* of the file */
    int pair;       /* .hdr and .img */
    int64_t vox_offset;
    int dim_info, xyzt_units, intent_code, slice_code;
    double intent_p[3];
    char intent_name[17];
    int64_t slice_start, slice_end;
    double slice_duration, toffset, cal_max, cal_min;
    char descrip[81], aux_file[25];
    char data_type[11], db_name[19], regular;
    int extents, session_error, glmax, glmin;
    int qform_code, sform_code;
    double pixdim[8], quatern[3], qoffset[3];
    double sform[12];
    double affine[12];
    size_t ext_bytes;
    unsigned char *ext; /* lies in the block of this struct */
} mv_nifti;

/* A volume of 1 to 7 dimensions, x fastest. Voxel (i, j, k, ...) is element i * stride[0] + j * stride[1] +
   ... of data; stride[0] is 1 and every further stride spans at least the axes before it, so a view may skip
   but never fold back.
   affine: rows of the 3 x 4 matrix from voxel index (i, j, k) to millimetres, RAS+ (world = affine[4 * r + c]
   * ijk[c] + affine[4 * r + 3]). Real value of integer and real types, and of each part of a complex one:
   stored * slope + inter; slope 0 or non-finite: no scaling.
   step: spacing of axes 3 to 6 (seconds for a series). {0} is an empty volume: a destination the call
   allocates. */
typedef struct mv_volume {
    void *data;
    mv_dtype dtype;
    int ndim;
    size_t dim[7]; /* 1 beyond ndim */
    ptrdiff_t stride[7];
    double affine[12];
    double step[4];
    double slope, inter;
    mv_nifti *nifti;     /* or NULL */
    void *owner;         /* private: block to release, NULL when the memory is the caller's */
    uint64_t map_bytes;  /* private: non-zero: owner is a file map of that many bytes */
    unsigned owns_nifti; /* private */
} mv_volume;

/* mv_dtype_size: bytes of one element, 0 for an unknown type. mv_dtype_name: "u8", "f32", ...; "?" for an
   unknown one. */
MEDVOL_DEF size_t mv_dtype_size(mv_dtype dtype);
MEDVOL_DEF const char *mv_dtype_name(mv_dtype dtype);

/* mv_volume_alloc: a new volume with uninitialised voxels, identity affine, no scaling; *v is overwritten, so
   free it first. Large volumes are asked for in 2 MiB pages. Errors: MEDVOL_E_NULL, _RANGE (ndim), _DTYPE,
   _SIZE, _LIMIT, _NOMEM.
   mv_volume_wrap: the same around the caller's memory, which stays the caller's. stride NULL: contiguous.
   mv_volume_free: release what the volume owns and make it empty; taking an empty one is fine. */
MEDVOL_DEF mv_status mv_volume_alloc(mv_ctx *ctx, mv_volume *v, mv_dtype dtype, int ndim, const size_t *dim);
MEDVOL_DEF mv_status mv_volume_wrap(mv_ctx *ctx, mv_volume *v, void *data, mv_dtype dtype, int ndim,
                                    const size_t *dim, const ptrdiff_t *stride);
MEDVOL_DEF void mv_volume_free(mv_ctx *ctx, mv_volume *v);
/* mv_volume_view: the box of size[] voxels at start[] of src, without a copy; the affine's origin moves
   along. src must outlive the view. Arrays have src->ndim entries. Errors: MEDVOL_E_NULL, MEDVOL_E_RANGE (box
   leaves src or is empty).
   mv_volume_copy: voxels, geometry and header into dst (rule of destinations below), contiguous when
   allocated. */
MEDVOL_DEF mv_status mv_volume_view(mv_ctx *ctx, mv_volume *view, const mv_volume *src, const size_t *start,
                                    const size_t *size);
MEDVOL_DEF mv_status mv_volume_copy(mv_ctx *ctx, mv_volume *dst, const mv_volume *src);
/* mv_volume_count: number of voxels (0 for an empty volume). mv_volume_contiguous: 1 when no element is
   skipped. */
MEDVOL_DEF size_t mv_volume_count(const mv_volume *v);
MEDVOL_DEF int mv_volume_contiguous(const mv_volume *v);

/* DESTINATIONS of every volume call: an empty dst ({0}) is allocated. A dst with memory must have the
   result's shape and type and is written in place. dst and src may be the same struct: where the result has
   src's shape and type it is made in place if the operation says so, otherwise src's memory is released and
   dst owns new memory. Any other overlap is MEDVOL_E_ALIAS. On error dst is as it was; only a cancelled
   operation may have changed voxels of a dst that had memory. */

/* mv_convert: dst = src as another type. dtype MEDVOL_NONE: dst's type when it has memory, else src's.
   Integer targets: real value / slope of dst, rounded to nearest even, saturated; NaN becomes 0. f16, bf16,
   f32: rounded to nearest even, overflow to infinity, NaN stays NaN. Arithmetic in double: stored * slope +
   inter, so 64-bit integers are exact only when neither side scales (then integers convert exactly,
   saturated). Complex to complex converts both parts; complex to real and back, and RGB to anything else, are
   refused (MEDVOL_E_DTYPE).
   keep_scaling: stored numbers are converted, slope and inter are carried over (otherwise they are applied,
   and dst has none). slope, inter: scaling of an integer dst (0: none): stored = (real - inter) / slope.
   dst == src is allowed. Threads: chunks of 64 Ki voxels. Memory: the destination. Same bits at every
   level. */
typedef struct mv_convert_opt {
    int keep_scaling;
    double slope, inter;
} mv_convert_opt;
MEDVOL_DEF mv_status mv_convert(mv_ctx *ctx, mv_volume *dst, const mv_volume *src, mv_dtype dtype,
                                const mv_convert_opt *opt);
/* mv_convert_array: the same for n contiguous values of real types: dst[i] = src[i] * slope + inter; slope 0
   or non-finite means no scaling. dst == src is allowed when the element sizes agree, other overlap is
   not. */
MEDVOL_DEF mv_status mv_convert_array(mv_ctx *ctx, void *dst, mv_dtype dst_type, const void *src,
                                      mv_dtype src_type, size_t n, double slope, double inter);

/* ---- affine geometry -----------------------------------------------------------------------------------
   double[12] is three rows of four, row r column c at [4 * r + c]; the last row is 0 0 0 1. */
/* The mv_affine_* calls without a context trust their pointers. */

/* mv_affine_identity. mv_affine_from_spacing: diag(spacing), origin (NULL: 0). mv_affine_mul: out = a * b
   (out may be either). mv_affine_invert: MEDVOL_E_SINGULAR when |det| is zero, non-finite or below 1e-12 of
   the product of the column lengths; out may be a. mv_affine_det: of the 3 x 3 part. */
MEDVOL_DEF void mv_affine_identity(double *a);
MEDVOL_DEF void mv_affine_from_spacing(double *a, const double *spacing, const double *origin);
MEDVOL_DEF void mv_affine_mul(double *out, const double *a, const double *b);
MEDVOL_DEF mv_status mv_affine_invert(double *out, const double *a);
MEDVOL_DEF double mv_affine_det(const double *a);
/* mv_affine_spacing: lengths of the columns: mm per step along i, j, k. */
MEDVOL_DEF void mv_affine_spacing(double *spacing, const double *a);
/* mv_affine_from_qform: the matrix of a NIfTI quaternion (b, c, d), offset, pixdim[1..3] and qfac (sign; 0 is
   +1). b*b + c*c + d*d above 1 is scaled back to 1 with a = 0.
   mv_affine_to_qform: the nearest rotation (polar decomposition, Higham 1986) as quaternion, offset, spacing
   and qfac. Shear is lost: the return value is the largest absolute difference between a and the matrix of
   the quaternion, in mm.
   Source: nifti1.h, quaternion representation of the rotation matrix. */
MEDVOL_DEF void mv_affine_from_qform(double *a, const double *bcd, const double *offset,
                                     const double *spacing, double qfac);
MEDVOL_DEF double mv_affine_to_qform(const double *a, double *bcd, double *offset, double *spacing,
                                     double *qfac);
/* mv_affine_orientation: for each voxel axis the world axis (0 x, 1 y, 2 z) it runs along and its sign, one
   axis each: axes are assigned one after the other by the largest component of the nearest rotation, as
   nibabel's io_orientation does. axis[i] = -1, sign 0 for an axis without direction (zero column). */
MEDVOL_DEF void mv_affine_orientation(const double *a, int *axis, int *sign);
/* mv_affine_apply: out = a * p for one point. mv_affine_apply_points: for n points held as separate x, y, z
   arrays; outputs may be the inputs. Threads: chunks of 64 Ki points. Formula in double: a0*x + a1*y + a2*z +
   a3. */
MEDVOL_DEF void mv_affine_apply(double *out, const double *a, const double *p);
MEDVOL_DEF mv_status mv_affine_apply_points(mv_ctx *ctx, const double *a, double *xo, double *yo, double *zo,
                                            const double *x, const double *y, const double *z, size_t n);

/* mv_voxel_to_world, mv_world_to_voxel: one point through the volume's affine or its inverse
   (MEDVOL_E_SINGULAR).
   mv_spacing: mm per voxel along i, j, k. mv_orientation: three letters and a zero: the world direction in
   which i, j, k increase ("RAS": right, anterior, superior); '?' for an axis without direction. */
MEDVOL_DEF mv_status mv_voxel_to_world(const mv_volume *v, double *world, const double *voxel);
MEDVOL_DEF mv_status mv_world_to_voxel(const mv_volume *v, double *voxel, const double *world);
MEDVOL_DEF void mv_spacing(const mv_volume *v, double *spacing);
MEDVOL_DEF void mv_orientation(const mv_volume *v, char *code);

/* ---- gzip ---------------------------------------------------------------------------------------------- */
#ifndef MEDVOL_NO_GZIP

/* mv_crc32: CRC-32 of gzip and PNG (polynomial 0xEDB88320, reflected). Start with crc = 0; feed pieces by
   passing the last result. Alignment free; n == 0 returns crc. Threads: any. Memory: none. Same value at
   every level.
   mv_crc32_combine: the CRC of A followed by B from crc(A), crc(B) and the length of B. Source: RFC 1952
   section 8. */
MEDVOL_DEF uint32_t mv_crc32(uint32_t crc, const void *src, size_t n);
MEDVOL_DEF uint32_t mv_crc32_combine(uint32_t crc_a, uint32_t crc_b, uint64_t n_b);
/* mv_adler32: the checksum of zlib streams. Start with adler = 1; pieces as with mv_crc32. Source: RFC
   1950. */
MEDVOL_DEF uint32_t mv_adler32(uint32_t adler, const void *src, size_t n);

/* mv_inflate: decodes one raw deflate stream (RFC 1951) held in src into dst, whole buffers, in one go. used
   (may be NULL): bytes of src taken, what follows the stream is left alone; made (may be NULL): bytes
   written.
   Accepts and refuses exactly the streams that zlib's inflate does. dst and src must not overlap; dst may be
   NULL when cap is 0. Bytes of dst between *made and cap may have been written to. Reads and writes stay
   inside both buffers. Threads: none. Memory: 48 KiB from the context, freed before the return. Same result
   at every level.
   Errors: MEDVOL_E_NULL, _ALIAS, _NOMEM; MEDVOL_E_CORRUPT (an invalid stream; the message names what and
   where), MEDVOL_E_TRUNCATED (src ends inside the stream), MEDVOL_E_SPACE (more than cap bytes). *made and
   *used are set also then.
   mv_inflate_zlib: the same for a zlib stream (RFC 1950: 2-byte head, Adler-32); a preset dictionary is
   MEDVOL_E_UNSUPPORTED.
   mv_inflate_bound: the most bytes that n bytes of deflate data can decode to (1032 n, saturated): the only
   size that an untrusted file may claim. */
MEDVOL_DEF mv_status mv_inflate(mv_ctx *ctx, void *dst, size_t cap, const void *src, size_t n, size_t *used,
                                size_t *made);
MEDVOL_DEF mv_status mv_inflate_zlib(mv_ctx *ctx, void *dst, size_t cap, const void *src, size_t n,
                                     size_t *used, size_t *made);
MEDVOL_DEF uint64_t mv_inflate_bound(uint64_t n);

/* mv_deflate: compresses src into one raw deflate stream in dst. level: 0 stored, 1 fast (one probe, dynamic
   Huffman codes), 2..5 as 1 with a deeper search, 6 hash chains with lazy matching (the ratio of zlib's and
   libdeflate's 6), 7..9 deeper. dst needs mv_deflate_bound(n) bytes; with less the call may say
   MEDVOL_E_SPACE, also when the result is a few bytes shorter than cap. *made: bytes written. dst and src
   must not overlap. Threads: none. Memory: 170 KiB (level 1) to 590 KiB from the context, freed before the
   return. The bytes depend on src and level only, not on the SIMD level. mv_deflate_zlib: with zlib's head
   and Adler-32 (for PNG); its bound is mv_deflate_bound(n) too.
   Errors: MEDVOL_E_NULL, _RANGE (level), _ALIAS, _NOMEM, _SPACE. */
MEDVOL_DEF mv_status mv_deflate(mv_ctx *ctx, void *dst, size_t cap, const void *src, size_t n, int level,
                                size_t *made);
MEDVOL_DEF mv_status mv_deflate_zlib(mv_ctx *ctx, void *dst, size_t cap, const void *src, size_t n, int level,
                                     size_t *made);
MEDVOL_DEF size_t mv_deflate_bound(size_t n); /* SIZE_MAX: does not fit in a size_t */

/* Containers. All are plain gzip to every other reader. PLAIN: one member. MGZIP (written by default for
   .nii.gz): members of about 1 MiB, each with its size in an 'IG' extra field (u32), so that it can be read
   in parallel and in parts. BGZF: members of at most 64 KiB with a 'BC' field and an empty member at the end,
   as samtools and tabix read. */
#define MEDVOL_GZIP_AUTO 0  /* writer: MGZIP */
#define MEDVOL_GZIP_PLAIN 1
#define MEDVOL_GZIP_MGZIP 2
#define MEDVOL_GZIP_BGZF 3
#define MEDVOL_GZIP_STORE (-1) /* mv_gzip_opt.level: no compression */

/* What a read found. verified: every CRC-32 and length up to the end of the file was checked. */
typedef struct {
    uint64_t src_n;      /* bytes of the file taken by members */
    uint64_t dst_n;      /* bytes made */
    uint64_t members;    /* members completed */
    uint64_t tail_n;     /* bytes after the last member: zero padding or garbage, not decoded */
    int tail_garbage;    /* 1: the tail is not all zero (a warning to pass on; gzip(1) warns too) */
    int kind;            /* MEDVOL_GZIP_PLAIN, _MGZIP, _BGZF: by the first member */
    int verified;
} mv_gzip_info;

/* mv_gzip_is: 1 when the bytes start like a gzip member (1f 8b 08), else 0. n may be anything. */
MEDVOL_DEF int mv_gzip_is(const void *src, size_t n);

/* mv_gzip_unpack: decodes a whole gzip file held in src (any number of members) into dst; every header field,
   CRC-32 and ISIZE is checked. MGZIP and BGZF files are decoded by members through the context's threads,
   straight into dst; the result, the accept/refuse decision and the message do not depend on that. Zero
   padding and garbage after the last member are accepted and counted in info (may be NULL; set also on error,
   as far as known). dst and src must not overlap. Bytes of dst behind info->dst_n may have been written to.
   Memory: scratch of 48 KiB a job. Limits: max_bytes (0: cap alone), max_members.
   Errors: MEDVOL_E_NULL, _ALIAS, _NOMEM, _CANCELLED; _FORMAT (not gzip), _UNSUPPORTED (reserved flag bits,
   method other than deflate), _CORRUPT, _TRUNCATED, _SPACE (more than cap bytes), _LIMIT. Source: RFC
   1952. */
MEDVOL_DEF mv_status mv_gzip_unpack(mv_ctx *ctx, void *dst, size_t cap, const void *src, size_t n,
                                    mv_gzip_info *info);

/* Reader: pulls decoded bytes from a gzip file in memory or behind a callback and stops when enough has come.
   Many members are one stream. Memory: about 340 KiB (+64 KiB for the input with a callback), freed by
   mv_gzip_close; never depends on what the file claims.
   The callback gives 1..n bytes, 0 at the end, negative on failure (MEDVOL_E_IO); it may give less than asked
   for.
   mv_gzip_open_mem borrows src until mv_gzip_close. A reader may be used from one thread at a time, with the
   ctx given to each call (the same allocator as at open).
   mv_gzip_read: decodes the next n bytes into dst; *got < n (got may be NULL: then a short read is
   MEDVOL_E_TRUNCATED) only at the end of the last member. Large reads (96 KiB and more) decode straight into
   dst, without a copy. n may be of any size; the cost is the same.
   mv_gzip_skip: decodes and drops n bytes (the CRC goes on); *got as above. mv_gzip_tell: position in the
   decoded stream.
   mv_gzip_finish: decodes to the end of the file without storing, checks each CRC and ISIZE, fills info
   (verified = 1). max_surplus bounds the bytes decoded here (UINT64_MAX: no bound; MEDVOL_E_LIMIT when there
   are more). Without mv_gzip_finish the data is not verified. CRC and ISIZE of a member are checked as soon
   as its end is reached, also by read and skip; an error that lies behind the bytes asked for is told by the
   next call.
   Errors: as mv_gzip_unpack, MEDVOL_E_IO. After an error the reader answers the same error again; only
   mv_gzip_close is useful.
   Limits: max_bytes bounds the decoded bytes, max_members the members. */
typedef struct mv_gzip_reader mv_gzip_reader;
typedef ptrdiff_t (*mv_gzip_read_fn)(void *user, void *dst, size_t n);
MEDVOL_DEF mv_status mv_gzip_open(mv_ctx *ctx, mv_gzip_reader **reader, mv_gzip_read_fn read, void *user);
MEDVOL_DEF mv_status mv_gzip_open_mem(mv_ctx *ctx, mv_gzip_reader **reader, const void *src, size_t n);
MEDVOL_DEF mv_status mv_gzip_read(mv_ctx *ctx, mv_gzip_reader *reader, void *dst, size_t n, size_t *got);
MEDVOL_DEF mv_status mv_gzip_skip(mv_ctx *ctx, mv_gzip_reader *reader, uint64_t n, uint64_t *got);
MEDVOL_DEF uint64_t mv_gzip_tell(const mv_gzip_reader *reader);
MEDVOL_DEF mv_status mv_gzip_finish(mv_ctx *ctx, mv_gzip_reader *reader, uint64_t max_surplus,
                                    mv_gzip_info *info);
MEDVOL_DEF void mv_gzip_close(mv_ctx *ctx, mv_gzip_reader *reader); /* NULL allowed */

/* Member index of an MGZIP or BGZF file, found by hopping over the size fields: where each member lies and
   what it claims to hold. The claims are only believed within mv_inflate_bound and checked when a member is
   decoded; where a member lies in the decoded bytes rests on the claims of all before it, so compare dst_n
   with the size you know before you trust a part.
   mv_gzip_index_scan reads through a positioned callback (n bytes at offset; returns n, or anything else for
   failure), 24 bytes a member; file_n is the file's length. mv_gzip_index_mem is the same over memory. An
   ordinary gzip file (or one whose size fields do not add up, or with garbage at its end) is no error: kind =
   MEDVOL_GZIP_PLAIN, count = 0; use the reader. Empty members (BGZF's end mark) are kept. index is
   overwritten; free it with mv_gzip_index_free (safe on {0}). Memory: 24 bytes a member, grown as members are
   found.
   Limits: max_members, max_bytes (sum of the claims). Errors: MEDVOL_E_NULL, _NOMEM, _IO, _LIMIT.
   mv_gzip_index_range: the members [*first, *first + *count) that touch the decoded bytes [a, b);
   MEDVOL_E_RANGE unless a <= b <= dst_n.
   mv_gzip_index_unpack: decodes bytes [a, b) into dst (b - a bytes) through the context's threads from the
   file in memory, inflating only the touched members, straight into dst where a member lies inside the range
   (these are verified; of a member that lies only partly in it, no more than needed is decoded, and its CRC
   is not reached). Errors as mv_gzip_unpack; a member that is not what the index says is MEDVOL_E_CORRUPT
   (then try the reader, which knows nothing of size fields).
   mv_gzip_member_unpack: one member (src_n bytes, all of them) that must decode to exactly dst_n bytes; CRC
   and ISIZE checked. For callers who read members themselves, also from their own jobs: with ctx NULL and
   scratch of mv_gzip_scratch_size() bytes, aligned for pointers, it allocates nothing. Errors as
   mv_gzip_unpack: MEDVOL_E_TRUNCATED when the member goes on behind src_n bytes, MEDVOL_E_CORRUPT when it
   ends before or holds another size. */
typedef struct {
    uint64_t src, dst;
    uint32_t src_n, dst_n;
} mv_gzip_member; /* offset in file and in decoded bytes, sizes */
typedef struct {
    int kind;
    size_t count;
    mv_gzip_member *member;
    uint64_t src_n, dst_n;   /* sums; file_n - src_n bytes follow the last member */
} mv_gzip_index;
typedef ptrdiff_t (*mv_gzip_pread_fn)(void *user, void *dst, size_t n, uint64_t offset);
MEDVOL_DEF mv_status mv_gzip_index_scan(mv_ctx *ctx, mv_gzip_index *index, mv_gzip_pread_fn read_at,
                                        void *user, uint64_t file_n);
MEDVOL_DEF mv_status mv_gzip_index_mem(mv_ctx *ctx, mv_gzip_index *index, const void *src, size_t n);
MEDVOL_DEF void mv_gzip_index_free(mv_ctx *ctx, mv_gzip_index *index);
MEDVOL_DEF mv_status mv_gzip_index_range(mv_ctx *ctx, const mv_gzip_index *index, uint64_t a, uint64_t b,
                                         size_t *first, size_t *count);
MEDVOL_DEF mv_status mv_gzip_index_unpack(mv_ctx *ctx, const mv_gzip_index *index, void *dst, uint64_t a,
                                          uint64_t b, const void *src, size_t n);
MEDVOL_DEF size_t mv_gzip_scratch_size(void);
MEDVOL_DEF mv_status mv_gzip_member_unpack(mv_ctx *ctx, void *dst, size_t dst_n, const void *src,
                                           size_t src_n, void *scratch);

/* Writer. {0} or NULL: level 1, MGZIP, members of 1 MiB, no alignment.
   Cuts: the first `head` bytes (a file header) become a member of their own; from there members hold whole
   multiples of `align` bytes (a slice) near `member` bytes; a slice larger than that is cut in equal parts.
   PLAIN cuts the same way inside its single member. BGZF: 65280 bytes each.
   mv_gzip_pack: src (n bytes) to a gzip file in dst; mv_gzip_bound(n, opt) bytes are enough (SIZE_MAX: too
   large).
   mv_gzip_writer_open, _put, _close: the same in pieces with bounded memory (2.2 MiB at the default size,
   four times that a thread when there are several): put takes any number of bytes, compresses each full batch
   of members in parallel (straight from src where it can) and hands the bytes in order to write(user, p, n),
   which returns 0 or a negative number (then MEDVOL_E_IO). _close compresses the rest, writes the end, frees
   the writer and fills info (may be NULL), also after an error; _abort frees without writing. The bytes
   depend on the data and opt only: not on threads, SIMD level or how the data was cut into puts. mtime is 0,
   no name is stored.
   Errors: MEDVOL_E_NULL, _RANGE (level, container, member over 1 GiB), _ALIAS, _NOMEM, _SPACE, _IO,
   _CANCELLED. */
typedef struct {
    int level;        /* 0: 1; 1..9; MEDVOL_GZIP_STORE */
    int container;    /* MEDVOL_GZIP_* */
    size_t member;    /* 0: 1 MiB (BGZF: 65280) */
    size_t align;     /* bytes of a slice; 0: none */
    size_t head;      /* bytes before the first slice; 0: none */
} mv_gzip_opt;
typedef struct mv_gzip_writer mv_gzip_writer;
typedef int (*mv_gzip_write_fn)(void *user, const void *src, size_t n);
MEDVOL_DEF size_t mv_gzip_bound(size_t n, const mv_gzip_opt *opt);
MEDVOL_DEF mv_status mv_gzip_pack(mv_ctx *ctx, void *dst, size_t cap, const void *src, size_t n,
                                  const mv_gzip_opt *opt, size_t *made);
MEDVOL_DEF mv_status mv_gzip_writer_open(mv_ctx *ctx, mv_gzip_writer **writer, mv_gzip_write_fn write,
                                         void *user, const mv_gzip_opt *opt);
MEDVOL_DEF mv_status mv_gzip_writer_put(mv_ctx *ctx, mv_gzip_writer *writer, const void *src, size_t n);
MEDVOL_DEF mv_status mv_gzip_writer_close(mv_ctx *ctx, mv_gzip_writer *writer, mv_gzip_info *info);
MEDVOL_DEF void mv_gzip_writer_abort(mv_ctx *ctx, mv_gzip_writer *writer);
#endif
/* ---- files --------------------------------------------------------------------------------------------- */
#ifndef MEDVOL_NO_IO

/* NIfTI-1 and NIfTI-2 (.nii, .hdr + .img), each part plain or gzip, in either byte order; Analyze 7.5 on
   request; arrays of BART (.hdr + .cfl) and of NumPy (.npy). What a file is, its first bytes decide, not its
   name: names only lead from one part of a pair to the other. Only regular files are opened. Source:
   nifti1.h, nifti2.h (nifti.nimh.nih.gov), the Analyze 7.5 header of the Mayo Clinic, numpy.lib.format, BART
   0.8. */

/* ARRAYS have no header in the volume (nifti is NULL), the identity as affine and no scaling.
   BART: complex floats, little-endian, and a text that has their sizes in the line behind "# Dimensions";
   what else it tells is skipped. The name may be that of either part, or without its ending. The .cfl has
   exactly the length that the sizes give. Of the 16 sizes the ones at the end are dropped.
   NumPy: versions 1, 2 and 3, either byte order, C or Fortran order; the first axis of the volume is the one
   that runs fastest in the file: the last of C order, the first of Fortran order. Bool becomes u8, float16
   f16, longdouble f128; records, objects, strings and dates are MEDVOL_E_DTYPE. An array without axes has one
   voxel.
   Where more than 7 axes remain, those of one element are dropped, from the last to the fourth, until 7 do
   (else MEDVOL_E_UNSUPPORTED). An array without elements is MEDVOL_E_SIZE. */

/* GEOMETRY of a loaded volume: sform when its code is positive and the matrix can be inverted, else qform on
   the same terms, else diag(pixdim) with origin 0 (nifti1.h, method 1; other programs centre the volume or
   flip x there). xyzt_units in metres or micrometres, milli- or microseconds are turned into millimetres and
   seconds.
   MENDED, with a warning bit, an error under desc.strict: a pixdim that is zero, negative or not finite (1,
   absolute value, 1); a quaternion longer than 1.001 (renormalised); an sform or qform that was passed over;
   bitpix (datatype rules); a malformed extension chain (its bytes are kept). A slope that is zero or not
   finite means no scaling. */

/* Options of the loads; {0} or NULL: every voxel, as stored.
   dtype: convert to this type while reading. Integer and real types: value = stored * slope + inter, rounded
   and saturated as in mv_convert, and the volume has slope 1. Complex to complex: both parts are scaled
   (nifti1.h). MEDVOL_NONE: dst's type when it has memory and another type than the file, else the stored
   numbers with slope and inter in the volume.
   crop: so many leading axes are limited to the box of size[] voxels at start[]; axes beyond are taken whole.
   Only the rows of the box are read; of a gzip file no more is inflated than up to its last row, of a block
   gzip file only the members that hold it (and the header), provided the lengths that all members claim add
   up to the file's voxels. volumes: take only so many volumes from `volume` on (0: all), counted over axes 3
   to 6; one gives a 3-D volume, more a 4-D one; crop is then at most 3.
   analyze: Analyze 7.5 headers are taken too (no scaling, diag(pixdim), origin 0).
   partial: voxels that the file does not hold are given the real value `fill` (MEDVOL_W_PARTIAL) instead of
   MEDVOL_E_TRUNCATED; of a gzip file that ends behind them MEDVOL_W_UNVERIFIED says so. Ignored under
   desc.strict. The header is then believed: bound it by limits.max_bytes.
   verify: a crop reads a gzip file to its end and checks every CRC; full loads always do. Without it a crop
   that stops inside a member reports MEDVOL_W_UNVERIFIED. max_surplus: decoded bytes behind the file's last
   voxel that are read for that [1 GiB].
   wide: how F128 and C256 numbers are encoded; without it they can only be loaded as stored.
   img, img_bytes: the .img or .cfl part for mv_load_mem of a pair. */
enum { MEDVOL_WIDE_NONE = 0, MEDVOL_WIDE_X87 = 1, MEDVOL_WIDE_BINARY128 = 2, MEDVOL_WIDE_DOUBLE_DOUBLE = 3 };
typedef struct mv_load_opt {
    mv_dtype dtype;
    int crop;
    int64_t start[7], size[7];
    int64_t volume, volumes;
    int analyze;
    int partial;
    double fill;
    int verify;
    uint64_t max_surplus;
    int wide;
    const void *img;
    size_t img_bytes;
} mv_load_opt;

/* mv_load: read a file into v (rule of destinations; v with memory is filled row by row, and its voxels are
   undefined after an error). Affine, scaling and step are those of the box; every header field and extension
   is in v->nifti as it was read, but slice timing follows a crop as in mv_crop. `path` may name either part
   of a pair. Plain files are read by positioned reads straight into place, conversion and byte swapping work
   on pieces that stay in the L2 cache; block gzip is inflated in parallel.
   Memory: the voxels; 256 KiB a thread when something is converted; 0.4 MiB for gzip; for block gzip 8 MiB
   and one member a thread. A size claimed by the header is believed only as far as the file's length (gzip:
   1032 times it) allows.
   Errors: MEDVOL_E_NOTFOUND, _ACCESS, _BUSY, _IO, _UNSUPPORTED (not a regular file, 1-bit voxels), _FORMAT
   (what the file looks like instead; or the field that is wrong), _DTYPE, _SIZE (also of a path), _RANGE
   (box), _TRUNCATED, _CORRUPT, _LIMIT, _NOMEM, _CANCELLED. */
MEDVOL_DEF mv_status mv_load(mv_ctx *ctx, mv_volume *v, const char *path, const mv_load_opt *opt);
/* mv_load_mem: the same from `bytes` bytes at `data`, plain or gzip; nothing is kept of data after the call.
   Errors: as mv_load; MEDVOL_E_ALIAS (v's own memory overlaps data or img). */
MEDVOL_DEF mv_status mv_load_mem(mv_ctx *ctx, mv_volume *v, const void *data, size_t bytes,
                                 const mv_load_opt *opt);
/* mv_load_header: shape, type, geometry and header; no voxel is read, v->data is NULL. Of opt only `analyze`
   counts. What v held is released. A file without its voxels, and a .hdr without its .img, will do. Of gzip
   only the header is inflated, and no checksum is looked at.
   mv_load_header_mem: from memory. */
MEDVOL_DEF mv_status mv_load_header(mv_ctx *ctx, mv_volume *v, const char *path, const mv_load_opt *opt);
MEDVOL_DEF mv_status mv_load_header_mem(mv_ctx *ctx, mv_volume *v, const void *data, size_t bytes,
                                        const mv_load_opt *opt);
/* mv_map: map the voxels of a plain .nii, .img, .cfl or .npy in native byte order into memory instead of
   reading them; what v held is released. Takes a few microseconds at any size. Pages are private: writing to
   the voxels leaves the file alone. crop and volumes give a view into the map; dtype must be MEDVOL_NONE or
   the stored one. For files the caller controls only: when another program shortens the file, touching the
   lost part is a bus error (SIGBUS), as with every map.
   Errors: as mv_load; MEDVOL_E_UNSUPPORTED for gzip, foreign byte order, voxels off their natural alignment,
   systems without maps: use mv_load there. */
MEDVOL_DEF mv_status mv_map(mv_ctx *ctx, mv_volume *v, const char *path, const mv_load_opt *opt);

/* Options of the saves; {0} or NULL: the volume's type, NIfTI-1, form by the name.
   dtype: stored type. MEDVOL_NONE: v's own, with v's slope and inter; f16 and bf16 volumes are then stored as
   f32, since few programs know these types: ask for MEDVOL_F16 or _BF16 to get them.
   Real numbers become integers as stored = (real - inter) / slope, rounded to nearest even and saturated; NaN
   becomes what stands for 0. slope, inter: chosen scaling of an integer type. slope 0: none when all values
   are whole and fit, else the scaling that spreads minimum..maximum over the whole range. (slope and inter of
   a NIfTI-1 file are floats; the voxels are made with the rounded ones.)
   version: 1 or 2; 0: 1 unless shape, scaling or a header field does not fit. Nothing is clamped: a dimension
   or field that does not fit is MEDVOL_E_SIZE, a scaling MEDVOL_E_RANGE.
   pair: 1: header and voxels apart; 0: when the name ends in .hdr or .img (.gz). gzip: 1 yes, -1 no, 0 when
   the name ends in .gz. level 1 (default: near the ratio of 6 on noisy voxels at many times its speed) to 9,
   MEDVOL_GZIP_STORE. container: MEDVOL_GZIP_AUTO writes block gzip (MGZIP: plain gzip for every other
   reader), members of about `member` bytes [1 MiB] cut at slices, the header in a member of its own.
   big_endian: byte order of the file. no_sync: do not wait for the disk: faster, but a power failure may lose
   old and new.
   form: MEDVOL_FORM_AUTO: by the name's ending, .cfl or .npy (.npy.gz), else NIfTI, which is also what
   mv_save_mem then writes. CFL: the text and, beside it (mv_save_mem: in img), complex floats: c64 as it is,
   c128 rounded, real voxels with imaginary part 0; the name may be that of either part, or without its
   ending. Always little-endian, never gzip. NPY: the bytes that numpy.save writes for the same array (version
   1.0, C order, axes reversed); bf16 becomes f32; rgb24 and rgba32 have no type there. Neither holds a
   scaling: real values are written, of a scaled volume as f32 (f64 for f64 and for integers of 32 bits and
   more) unless dtype says otherwise. What they do not know (version, slope, inter, NPY: pair, CFL: gzip,
   big_endian) must be 0 (MEDVOL_E_RANGE). Affine, step and header are not kept. */
enum { MEDVOL_FORM_AUTO = 0, MEDVOL_FORM_NIFTI = 1, MEDVOL_FORM_CFL = 2, MEDVOL_FORM_NPY = 3 };
typedef struct mv_save_opt {
    mv_dtype dtype;
    double slope, inter;
    int version;
    int pair;
    int gzip;
    int level;
    int container;
    size_t member;
    int big_endian;
    int no_sync;
    int form;
} mv_save_opt;

/* mv_save: write v, any strides, to path. Atomic: a temporary file ".NAME.mvtmp.PID.N" beside the target is
   written, flushed (fsync) and renamed over it; after any failure the old file is there bit for bit and the
   temporary one is gone. A crash leaves the old or the new file and may leave the temporary one (of a pair
   three), which is in nobody's way. Permissions, group and owner of the old file are kept as far as the
   caller may (a group that is lost loses its rights), and nobody else can read the temporary one. A symbolic
   link stays and its target is replaced. So saving over the file v was mapped from is safe (Windows refuses
   it: MEDVOL_E_ACCESS). That the folder cannot be flushed is no failure. A pair is written in full before the
   .img (.cfl), then the .hdr are renamed; the old .img has a second name of the pattern above meanwhile and
   comes back when the .hdr fails (without hard links the message says that the .img is new). A crash between
   the two leaves a new .img with the old .hdr: prefer single files. Header fields and extensions come from
   v->nifti. Geometry that is still the loaded one is written back as it was read; else sform, qform and
   pixdim come from v->affine in mm and seconds (under the code of the loaded transform, or 1: scanner), the
   qform code is 0 when shear keeps a quaternion from holding it, and slice timing fields are dropped when
   axes have moved.
   Memory: 4 MiB of converted voxels, and those of mv_gzip_writer; never a second copy of the volume.
   Threads: conversion and compression. The bytes depend on v and opt only.
   Errors: MEDVOL_E_NULL, _RANGE, _DTYPE, _SIZE (also of a path), _NOTFOUND (folder), _ACCESS, _BUSY, _FULL,
   _IO, _UNSUPPORTED (target is not a regular file), _NOMEM, _CANCELLED. */
MEDVOL_DEF mv_status mv_save(mv_ctx *ctx, const mv_volume *v, const char *path, const mv_save_opt *opt);
/* mv_save_mem: the same into memory, freed by mv_buffer_free. file and img are overwritten; img receives the
   voxels of a pair (opt->pair, or form CFL) and may be NULL otherwise. gzip: opt->gzip 1. */
typedef struct mv_buffer {
    void *data;
    size_t bytes;
} mv_buffer;
MEDVOL_DEF mv_status mv_save_mem(mv_ctx *ctx, mv_buffer *file, mv_buffer *img, const mv_volume *v,
                                 const mv_save_opt *opt);
MEDVOL_DEF void mv_buffer_free(mv_ctx *ctx, mv_buffer *b);

/* Header extensions. mv_nifti_ext_next: walks the chain: 1 and the next one's code, data and length (padding
   included), 0 at the end or where the chain is malformed. Start with *at = 0. mv_nifti_ext_add: appends one,
   padded with zeros to 16 bytes; a volume without a header gets one. Codes: nifti1.h (4 AFNI, 6 comment, 44
   MRS ...).
   Errors: MEDVOL_E_NULL, _SIZE, _LIMIT (max_ext_bytes), _FORMAT (the present chain is malformed), _NOMEM. */
MEDVOL_DEF int mv_nifti_ext_next(const mv_nifti *h, size_t *at, int *code, const void **data, size_t *bytes);
MEDVOL_DEF mv_status mv_nifti_ext_add(mv_ctx *ctx, mv_volume *v, int code, const void *data, size_t bytes);

/* Raw MR data: the message stream of the ISMRM Raw Data format (MRD), as a file, plain or gzip, or in memory:
   u16 id, then what the id says, little-endian. (Its HDF5 files: through ismrmrd_hdf5_to_stream.)
   mv_mrd_open: opens the file; nothing is read yet. mv_mrd_open_mem borrows data until mv_mrd_close. *stream
   is NULL after an error.
   mv_mrd_next: reads the next message into *message: what lies behind its pointers is valid until the next
   call or mv_mrd_close. id: MEDVOL_MRD_END at the end of the data (a stream that was not cut says
   MEDVOL_MRD_CLOSE before); offset, bytes: where the message stands (gzip: in what it decodes to). By id:
   CONFIG_FILE, CONFIG_TEXT, HEADER (the XML), TEXT: text_bytes bytes at text as they stand (CONFIG_FILE: up
   to its first zero), and a zero behind them.
   ACQUISITION: every field of the 340 bytes in acquisition; trajectory: number_of_samples vectors of
   trajectory_dimensions floats (NULL: none); samples: active_channels lines of number_of_samples complex
   floats (NULL: none). position and patient_table_position in mm, read_dir, phase_dir and slice_dir as unit
   vectors, all in LPS (patient left, posterior, superior: negate the first two for RAS); sample_time_us in
   microseconds; counters from 0. Bit k - 1 of flags is flag number k.
   IMAGE, WAVEFORM: passed over. Any other id is MEDVOL_E_UNSUPPORTED, for its length is not known.
   Memory: 9 KiB and the largest message read so far (gzip: 0.4 MiB more); what a message claims to hold is
   believed only as far as the file goes on (gzip: 1032 times that) and max_bytes allow. A stream serves one
   thread at a time, with the ctx given to each call (the same allocator as at open). Of gzip, a checksum is
   looked at where its member ends.
   Errors: as mv_load; MEDVOL_E_NULL, _UNSUPPORTED (id), _FORMAT (type of an image), _TRUNCATED, _LIMIT,
   _NOMEM, _CORRUPT; *message is untouched. After an error of mv_mrd_next the stream answers it again. Source:
   MRD 1.x, Message Types, Raw Acquisition Data (ismrmrd.readthedocs.io). */
enum {
    MEDVOL_MRD_END = 0,
    MEDVOL_MRD_CONFIG_FILE = 1,
    MEDVOL_MRD_CONFIG_TEXT = 2,
    MEDVOL_MRD_HEADER = 3,
    MEDVOL_MRD_CLOSE = 4,
    MEDVOL_MRD_TEXT = 5,
    MEDVOL_MRD_ACQUISITION = 1008,
    MEDVOL_MRD_IMAGE = 1022,
    MEDVOL_MRD_WAVEFORM = 1026
};
typedef struct mv_mrd_counters {
    uint16_t kspace_encode_step_1, kspace_encode_step_2, average, slice, contrast, phase, repetition, set,
        segment, user[8];
} mv_mrd_counters;
typedef struct mv_mrd_acquisition {
    uint64_t flags, channel_mask[16];
    uint32_t measurement_uid, scan_counter, acquisition_time_stamp, physiology_time_stamp[3];
    uint16_t version, number_of_samples, available_channels, active_channels, discard_pre, discard_post,
        center_sample, encoding_space_ref, trajectory_dimensions;
    mv_mrd_counters idx;
    float sample_time_us, position[3], read_dir[3], phase_dir[3], slice_dir[3], patient_table_position[3];
    int32_t user_int[8];
    float user_float[8];
} mv_mrd_acquisition;
typedef struct mv_mrd_message {
    int id; /* MEDVOL_MRD_* */
    uint64_t offset, bytes;
    const char *text;
    size_t text_bytes;
    mv_mrd_acquisition acquisition;
    const float *trajectory, *samples;
} mv_mrd_message;
typedef struct mv_mrd_stream mv_mrd_stream;
MEDVOL_DEF mv_status mv_mrd_open(mv_ctx *ctx, mv_mrd_stream **stream, const char *path);
MEDVOL_DEF mv_status mv_mrd_open_mem(mv_ctx *ctx, mv_mrd_stream **stream, const void *data, size_t bytes);
MEDVOL_DEF mv_status mv_mrd_next(mv_ctx *ctx, mv_mrd_stream *stream, mv_mrd_message *message);
MEDVOL_DEF void mv_mrd_close(mv_ctx *ctx, mv_mrd_stream *stream); /* NULL allowed */

/* mv_io_default: the platform's files as hooks, to wrap or forward to; NULL with MEDVOL_NO_STDIO. Paths are
   UTF-8. */
MEDVOL_DEF const mv_io *mv_io_default(void);
#endif

/* ---- pictures ------------------------------------------------------------------------------------------ */
#ifndef MEDVOL_NO_IO

/* mv_save_png: writes src as an 8-bit PNG, atomically as mv_save does but without waiting for the disk: u8 as
   grey, rgb24 and rgba32 as they are, any other real type, and u8 when lo < hi, through the window: round(255
   * (value - lo) / (hi - lo)) clamped, NaN black; lo == hi: least and greatest finite value. src is 2-D
   (further axes of length 1); voxel (0, 0) is the picture's upper left corner; mm per pixel become its
   resolution. Each row takes the filter with the least sum of absolute differences; rgb24 whose three
   channels agree everywhere is stored as grey. Memory: one filtered picture, the compressed one and the
   compressor's. Same bytes at every level and thread count.
   mv_save_png_mem: the same into cap bytes at dst, which must not overlap src; *made: bytes written; bytes of
   dst may have been written on error. mv_png_bound: bytes that are always enough (0: src is no picture).
   Errors: MEDVOL_E_NULL, _SHAPE, _DTYPE, _SIZE (more than 2^30 bytes), _RANGE (level, lo > hi or NaN),
   _SPACE, _ALIAS, _NOMEM, _CANCELLED, and those of mv_save. Source: W3C PNG, 2nd edition. */
typedef struct mv_png_opt {
    int level; /* of deflate, 1..9; 0: 6 */
    double lo, hi;
} mv_png_opt;
MEDVOL_DEF mv_status mv_save_png(mv_ctx *ctx, const mv_volume *src, const char *path, const mv_png_opt *opt);
MEDVOL_DEF mv_status mv_save_png_mem(mv_ctx *ctx, void *dst, size_t cap, const mv_volume *src,
                                     const mv_png_opt *opt, size_t *made);
MEDVOL_DEF size_t mv_png_bound(const mv_volume *src);

/* mv_render_planes: axial, coronal and sagittal plane through one point, side by side, as a 2-D rgb24 picture
   for people to look at. Each voxel axis is shown as the patient axis it runs along most
   (mv_affine_orientation); obliqueness is ignored. Pixels are square in millimetres: linear interpolation
   when they are smaller than voxels, a tent over the voxels they cover when larger. Superior and anterior are
   up; patient left is left and anterior right in the sagittal plane (neurological), or both mirrored
   (radiological); letters at the borders tell. A volume with an axis of length 1 gives its one plane. Any
   type: real ones (scaled by slope and inter) through the window, complex ones by magnitude, rgb as it is,
   rgba over black. Window lo == hi: 1st and 99th percentile (nearest rank) of the finite voxels of the planes
   shown, or their least and greatest where those are equal. NaN is black. Serial; memory: 4 bytes a voxel of
   the planes shown (rgb: 12) plus the picture.
   Errors: MEDVOL_E_NULL, _DTYPE (f128, c256), _RANGE (lo > hi, NaN, point outside, frame, mm_per_pixel < 0),
   _SINGULAR (a point in millimetres, and the affine has no inverse), _SIZE, _ALIAS, _NOMEM. */
typedef struct mv_render_opt {
    const double *point; /* 3 numbers; NULL: the middle voxel */
    int point_is_voxel;  /* point is a voxel index; 0: millimetres */
    size_t frame;        /* index over axes 3 to 6, the first running fastest */
    double lo, hi;       /* black and white */
    int radiological;
    int nearest;         /* no interpolation: for labels */
    int no_letters;
    int crosshair;       /* mark the point */
    double mm_per_pixel; /* 0: the smallest voxel spacing */
    size_t max_width;    /* the picture is shrunk to fit; 0: 4096 pixels, at most 2^24 */
    size_t max_height;
} mv_render_opt;
MEDVOL_DEF mv_status mv_render_planes(mv_ctx *ctx, mv_volume *dst, const mv_volume *src,
                                      const mv_render_opt *opt);
#endif

/* ---- intensity -----------------------------------------------------------------------------------------

   What the calls of this section share:
   VALUES   real values: stored * slope + inter. Any integer or real type; complex and RGB are refused
            (MEDVOL_E_DTYPE).
   CHOICE   mask: a volume of src's shape, or one with extent 1 (or none) along some axes, which then holds
            for all of them; voxels take part where it is neither 0 nor NaN. nonzero: only values other than
            0 take part. split: 0: the whole volume at once; d = 1..7: each index of NIfTI's dim[d] by itself
            (4: every volume of a series). Array calls take mask8, one byte a value, instead of mask. No
            value left: MEDVOL_E_EMPTY.
   RESULT   of the maps: float32, float64 when src is that; a dst with memory (other than src) keeps its own
            type and values are rounded to nearest even and saturated, NaN becomes 0 in integers, its scaling
            is 1 and 0. dst == src is allowed, without a copy when the element size stays. src and its mask
            are only read.
   NUMERICS arithmetic in double, rounded once to the result's type: the same bits at every level and thread
            count, unless a call says otherwise. NaN takes no part in statistics and stays NaN in maps.
   ERRORS   MEDVOL_E_NULL, _SIZE, _DTYPE, _SHAPE, _ALIAS, _RANGE (a parameter NaN or out of range), _EMPTY,
            _NOMEM, _CANCELLED. Outputs are untouched, but a map cancelled half-way leaves memory that existed
            before half done.
   THREADS  chunks of 64 Ki voxels. Memory: the destination, and the scratch that a call names. */
#ifndef MEDVOL_NO_INTENSITY

/* mv_stats: one result, or one for each index of the split axis. count: values that are not NaN; nan; inf:
   infinite ones, which are counted in count. variance = sum (x - mean)^2 / count, variance_sample / (count -
   1) (0 when count is 1), sd their roots, rms = sqrt(sum x^2 / count). Infinite values: min and max show
   them, sum, mean and rms follow IEEE arithmetic, variance and sd are NaN. Method: sums about an estimate of
   the chunk's mean in 16 stripes (8 and 16-bit integers without scaling: as integers), chunks of
   MEDVOL_STATS_CHUNK voxels in x-fastest order merged in that order (Chan, Golub, LeVeque 1983): relative
   error of the variance below 1e-11 whatever the mean. The memory layout (strides) has no influence. Scratch:
   72 bytes a chunk. */
#define MEDVOL_STATS_CHUNK 65536
typedef struct mv_statistics {
    uint64_t count, nan, inf;
    double min, max, sum, mean, variance, variance_sample, sd, sd_sample, rms;
} mv_statistics;
typedef struct mv_stats_opt {
    const mv_volume *mask;
    const uint8_t *mask8;
    int nonzero, split;
} mv_stats_opt;
MEDVOL_DEF mv_status mv_stats(mv_ctx *ctx, mv_statistics *out, const mv_volume *src, const mv_stats_opt *opt);
MEDVOL_DEF mv_status mv_stats_f32(mv_ctx *ctx, mv_statistics *out, const float *src, size_t n,
                                  const mv_stats_opt *opt);
MEDVOL_DEF mv_status mv_stats_array(mv_ctx *ctx, mv_statistics *out, const void *src, mv_dtype dtype,
                                    size_t n, double slope, double inter, const mv_stats_opt *opt);
/* mv_stats_partial: the moments of one chunk of at most MEDVOL_STATS_CHUNK values, a plain struct that may be
   stored or sent elsewhere; a chunk without a value is fine here. mv_stats_fold: statistics of n partials in
   their order. Cut at multiples of MEDVOL_STATS_CHUNK, computed anywhere in any order, they give the bits of
   mv_stats on the whole. Errors as above. */
typedef struct mv_stats_part {
    uint64_t n, nan, above, below;    /* finite values, NaN, +Inf, -Inf */
    double sum, mean, m2, min, max;   /* of the finite ones; m2 = sum (x - mean)^2 */
} mv_stats_part;
MEDVOL_DEF mv_status mv_stats_partial(mv_ctx *ctx, mv_stats_part *part, const void *src, mv_dtype dtype,
                                      size_t n, double slope, double inter, const mv_stats_opt *opt);
MEDVOL_DEF mv_status mv_stats_fold(mv_ctx *ctx, mv_statistics *out, const mv_stats_part *parts, size_t n);

/* mv_percentiles: exact percentiles q[0..nq-1] (0..100, any order, nq <= 4096) into out[nq], with split into
   out[index][nq]. With the n values that are not NaN sorted, v = (n - 1) * (q / 100) and its neighbours a =
   x[floor v], b = x[ceil v]:
   LINEAR a + (b - a) * frac v (numpy's default), LOWER a, HIGHER b, NEAREST the nearer (a tie takes the even
   index), MIDPOINT (a + b) / 2. Infinite values count; between -Inf and Inf lies NaN. mv_median: the
   percentile 50, LINEAR. Selection by counting digits of the values, not sorting: one pass over 8 and 16-bit
   types, 3 over 32, 6 over 64-bit ones. Scratch: a job counts in 5 KiB for 8-bit, 1 MiB for 16-bit types,
   else in 128 KiB for one bucket, 16 KiB each for more (at most 2 nq of them); at most 4 jobs a thread. 16
   KiB and 128 bytes a q besides. */
typedef enum mv_percentile_rule {
    MEDVOL_PERCENTILE_LINEAR = 0,
    MEDVOL_PERCENTILE_LOWER = 1,
    MEDVOL_PERCENTILE_HIGHER = 2,
    MEDVOL_PERCENTILE_NEAREST = 3,
    MEDVOL_PERCENTILE_MIDPOINT = 4
} mv_percentile_rule;
typedef struct mv_percentile_opt {
    const mv_volume *mask;
    const uint8_t *mask8;
    int nonzero, split;
    int rule; /* mv_percentile_rule */
} mv_percentile_opt;
MEDVOL_DEF mv_status mv_percentiles(mv_ctx *ctx, double *out, const mv_volume *src, const double *q,
                                    size_t nq, const mv_percentile_opt *opt);
MEDVOL_DEF mv_status mv_percentiles_f32(mv_ctx *ctx, double *out, const float *src, size_t n, const double *q,
                                        size_t nq, const mv_percentile_opt *opt);
MEDVOL_DEF mv_status mv_percentiles_array(mv_ctx *ctx, double *out, const void *src, mv_dtype dtype, size_t n,
                                          double slope, double inter, const double *q, size_t nq,
                                          const mv_percentile_opt *opt);
MEDVOL_DEF mv_status mv_median(mv_ctx *ctx, double *out, const mv_volume *src, const mv_percentile_opt *opt);

/* mv_histogram: counts of values in h->bins equal bins over [lo, hi] into h->counts (the caller's, bins
   entries, <= 2^24). Edge k is k * ((hi - lo) / bins) + lo in double, edge `bins` is hi; bin k holds edge k
   <= x < edge k + 1, the last one its upper edge too (numpy's rule). opt lo and hi both 0: from the finite
   data, one value v alone gives v - 0.5 .. v + 0.5. Values outside are dropped, or with clamp counted in the
   first and last bin; below, above and nan tell how many there were, total is the sum of the counts. h->lo
   and h->hi are set. split is not taken here. Counts are whole numbers, so any cut of the data folds to the
   same: mv_histogram_fold adds n histograms of the same bins and range (else MEDVOL_E_SHAPE).
   Scratch: 32 * (bins + 8) bytes a job, at most 4 jobs a thread; 8 and 16-bit types as percentiles. */
typedef struct mv_hist {
    uint64_t *counts;
    size_t bins;
    double lo, hi;
    uint64_t below, above, nan, total;
} mv_hist;
typedef struct mv_histogram_opt {
    const mv_volume *mask;
    const uint8_t *mask8;
    int nonzero;
    int clamp;
    double lo, hi;
} mv_histogram_opt;
MEDVOL_DEF mv_status mv_histogram(mv_ctx *ctx, mv_hist *h, const mv_volume *src, const mv_histogram_opt *opt);
MEDVOL_DEF mv_status mv_histogram_f32(mv_ctx *ctx, mv_hist *h, const float *src, size_t n,
                                      const mv_histogram_opt *opt);
MEDVOL_DEF mv_status mv_histogram_array(mv_ctx *ctx, mv_hist *h, const void *src, mv_dtype dtype, size_t n,
                                        double slope, double inter, const mv_histogram_opt *opt);
MEDVOL_DEF mv_status mv_histogram_fold(mv_ctx *ctx, mv_hist *h, const mv_hist *parts, size_t n);
/* mv_otsu: the threshold of Otsu 1979 as scikit-image defines it: the centre of bin t that maximises w0 w1
   (m0 - m1)^2 of the classes "bins 0..t" and "bins above t", the first t when several do; foreground is x >
   threshold. One occupied bin: its centre. Errors: MEDVOL_E_EMPTY when all counts are 0. Serial, no
   memory. */
MEDVOL_DEF mv_status mv_otsu(mv_ctx *ctx, double *threshold, const mv_hist *h);

/* mv_znorm: dst = (src - mean) / sd, of the population, or with `sample` of the sample. Statistics of the
   chosen values that are finite; sd 0 divides by 1. The mask chooses what the statistics see and every voxel
   is mapped; nonzero maps only values other than 0 and leaves 0 as it is (MONAI NormalizeIntensity). split:
   each index with its own statistics.
   given_mean, given_sd: use mean, sd (> 0) instead of the measured. Scratch: as mv_stats, and 16 bytes an
   index of split. */
typedef struct mv_znorm_opt {
    const mv_volume *mask;
    const uint8_t *mask8;
    int nonzero, split;
    int sample;
    int given_mean, given_sd;
    double mean, sd;
} mv_znorm_opt;
MEDVOL_DEF mv_status mv_znorm(mv_ctx *ctx, mv_volume *dst, const mv_volume *src, const mv_znorm_opt *opt);
MEDVOL_DEF mv_status mv_znorm_f32(mv_ctx *ctx, float *dst, const float *src, size_t n,
                                  const mv_znorm_opt *opt);

/* mv_rescale: dst = (src - lo) * ((out_max - out_min) / (hi - lo)) + out_min. lo and hi: the least and
   greatest finite chosen value (default; the result is then kept within out_min..out_max, so infinities end
   there); given: from opt; percentile: the percentiles lo and hi of the chosen values. clip: limit the result
   to out_min..out_max. hi == lo: every value becomes out_min, NaN stays. Mask, nonzero and split as in
   mv_znorm. Errors: MEDVOL_E_RANGE for out_min > out_max, given lo >= hi, percentiles outside 0..100 or lo >=
   hi. Scratch: as mv_stats or mv_percentiles. */
enum { MEDVOL_RANGE_DATA = 0, MEDVOL_RANGE_GIVEN = 1, MEDVOL_RANGE_PERCENTILE = 2 };
typedef struct mv_rescale_opt {
    const mv_volume *mask;
    const uint8_t *mask8;
    int nonzero, split;
    int range; /* MEDVOL_RANGE_* */
    double lo, hi;
    int clip;
} mv_rescale_opt;
MEDVOL_DEF mv_status mv_rescale(mv_ctx *ctx, mv_volume *dst, const mv_volume *src, double out_min,
                                double out_max, const mv_rescale_opt *opt);
MEDVOL_DEF mv_status mv_rescale_f32(mv_ctx *ctx, float *dst, const float *src, size_t n, double out_min,
                                    double out_max, const mv_rescale_opt *opt);

/* mv_linear: dst = src * a + b, a and b finite. */
MEDVOL_DEF mv_status mv_linear(mv_ctx *ctx, mv_volume *dst, const mv_volume *src, double a, double b);
MEDVOL_DEF mv_status mv_linear_f32(mv_ctx *ctx, float *dst, const float *src, size_t n, double a, double b);

/* mv_clamp: values below lo become lo, above hi become hi; infinities leave a side open. Exact, so src's type
   and scaling are kept (RESULT does not hold) unless dst has memory of another type. Bounds are real values:
   in integers they are the outermost stored values within lo..hi, in floats the nearest ones. Compared as
   doubles, so a 64-bit integer beyond 2^53 may pass a bound by its rounding. Errors: MEDVOL_E_RANGE for NaN,
   lo > hi and when no value of an integer type lies in lo..hi. */
MEDVOL_DEF mv_status mv_clamp(mv_ctx *ctx, mv_volume *dst, const mv_volume *src, double lo, double hi);
MEDVOL_DEF mv_status mv_clamp_f32(mv_ctx *ctx, float *dst, const float *src, size_t n, double lo, double hi);

/* mv_threshold: values with lo <= x <= hi stay, those below become opt->below, those above opt->above
   (defaults 0); NaN stays. Type and scaling as in mv_clamp; below and above are real values, in integers
   rounded to nearest and saturated.
   binary: 1 where lo <= x <= hi, else 0 (NaN: 0); u8 unless dst has memory or the array call's float. open:
   the bounds themselves are outside (lo < x < hi), unless infinite: lo with Otsu's threshold;
   a value that is lo and hi is below. Errors: MEDVOL_E_RANGE for NaN and lo > hi. */
typedef struct mv_threshold_opt {
    int binary, open;
    double below, above;
} mv_threshold_opt;
MEDVOL_DEF mv_status mv_threshold(mv_ctx *ctx, mv_volume *dst, const mv_volume *src, double lo, double hi,
                                  const mv_threshold_opt *opt);
MEDVOL_DEF mv_status mv_threshold_f32(mv_ctx *ctx, float *dst, const float *src, size_t n, double lo,
                                      double hi, const mv_threshold_opt *opt);

/* mv_gamma: dst = src^g, g > 0. PLAIN max(x, 0)^g; NORMALISED ((x - min) / (range + 1e-7))^g * range + min
   with min and range of the finite data (MONAI AdjustContrast); SIGNED sign(x) |x|^g (TorchIO). 0 and
   infinity map to themselves. Into float32 from values rounded to float32, the power within 0.51 ulp of the
   exact one; into other types by the C library's pow in double. split: min and range of each index. Scratch:
   as mv_stats for NORMALISED, else none. */
enum { MEDVOL_GAMMA_PLAIN = 0, MEDVOL_GAMMA_NORMALISED = 1, MEDVOL_GAMMA_SIGNED = 2 };
typedef struct mv_gamma_opt {
    int mode; /* MEDVOL_GAMMA_* */
    int split;
} mv_gamma_opt;
MEDVOL_DEF mv_status mv_gamma(mv_ctx *ctx, mv_volume *dst, const mv_volume *src, double g,
                              const mv_gamma_opt *opt);
MEDVOL_DEF mv_status mv_gamma_f32(mv_ctx *ctx, float *dst, const float *src, size_t n, double g,
                                  const mv_gamma_opt *opt);
#endif

/* ---- spatial ------------------------------------------------------------------------------------------- */
#ifndef MEDVOL_NO_SPATIAL

/* ALL SPATIAL CALLS move voxels of any type (complex, RGB and long doubles too) without changing a bit of
   them; 1 to 7 axes, any views. slope, inter and the header stay; the affine follows exactly (world position
   of every voxel is kept), and so do dim_info and the slice fields of the header (cleared where a pattern is
   cut or its axis leaves the first three). Axes beyond the third have a step but no place in the affine.
   Threads: jobs of about 256 KiB of output; same bits at every level and number of threads. Memory: the
   destination, and scratch where a call says so. dst == src is allowed everywhere, in place only for flips.
   Errors: MEDVOL_E_NULL, _DTYPE, _SHAPE, _SIZE, _ALIAS, _NOMEM, _CANCELLED (never in place), and what a call
   adds; dst stays as it was. */

/* mv_crop: the box of size[d] voxels at start[d], d < src->ndim, as a copy (mv_volume_view gives it without
   one).
   clip: a box that sticks out is cut to src; the default refuses it. Errors: MEDVOL_E_RANGE (outside, size
   0), with clip MEDVOL_E_EMPTY (nothing inside). */
typedef struct mv_crop_opt {
    int clip;
} mv_crop_opt;
MEDVOL_DEF mv_status mv_crop(mv_ctx *ctx, mv_volume *dst, const mv_volume *src, const size_t *start,
                             const size_t *size, const mv_crop_opt *opt);

/* mv_pad: before[d] voxels in front of and after[d] behind axis d, d < src->ndim. Modes mean what numpy.pad
   means by them:
   CONSTANT `value`; EDGE the border voxel; REFLECT mirrored about the border voxel (c b | a b c | b a);
   SYMMETRIC about its outer face (b a | a b c | c b); WRAP periodic; MEAN, MINIMUM, MAXIMUM of each line,
   axis after axis from the first.
   REFLECT, SYMMETRIC and WRAP go on periodically beyond the size. value is a real value: stored = (value -
   inter) / slope, rounded and saturated as mv_convert does; complex takes it as real part, colours in every
   channel; long doubles take 0 only. MEAN rounds to nearest even; all three are of real values (a negative
   slope turns MINIMUM about), need a real type and pass NaN on. Scratch: a few words per repetition of the
   pattern along x and y. Errors: MEDVOL_E_RANGE (NaN value, unknown mode), MEDVOL_E_SIZE (sums that
   overflow). Source: numpy.pad. */
typedef enum mv_pad_mode {
    MEDVOL_PAD_CONSTANT = 0,
    MEDVOL_PAD_EDGE = 1,
    MEDVOL_PAD_REFLECT = 2,
    MEDVOL_PAD_SYMMETRIC = 3,
    MEDVOL_PAD_WRAP = 4,
    MEDVOL_PAD_MEAN = 5,
    MEDVOL_PAD_MINIMUM = 6,
    MEDVOL_PAD_MAXIMUM = 7,
    MEDVOL_PAD_FORCE_INT = 0x7fffffff
} mv_pad_mode;
typedef struct mv_pad_opt {
    mv_pad_mode mode;
    double value;
} mv_pad_opt;
MEDVOL_DEF mv_status mv_pad(mv_ctx *ctx, mv_volume *dst, const mv_volume *src, const size_t *before,
                            const size_t *after, const mv_pad_opt *opt);

/* mv_crop_or_pad: each axis d < src->ndim cropped or padded about its centre to shape[d]; axes are cropped
   first. With n voxels now and t wanted, `rule` sets the first voxel kept and the number put in front:
     CENTRE_MEDVOL   n/2 - t/2,        t/2 - n/2         voxel n/2 becomes voxel t/2: the way back restores
     CENTRE_MONAI    n/2 - t/2,        floor((t - n)/2)  ResizeWithPadOrCrop
     CENTRE_TORCHIO  ceil((n - t)/2),  ceil((t - n)/2)   CropOrPad
     CENTRE_MEDRS    floor((n - t)/2), floor((t - n)/2)
   Voxels keep their world position under each of them. mode and value as in mv_pad. Errors: MEDVOL_E_SIZE
   (shape 0), MEDVOL_E_RANGE (unknown rule, and as mv_pad). */
typedef enum mv_centre_rule {
    MEDVOL_CENTRE_MEDVOL = 0,
    MEDVOL_CENTRE_MONAI = 1,
    MEDVOL_CENTRE_TORCHIO = 2,
    MEDVOL_CENTRE_MEDRS = 3,
    MEDVOL_CENTRE_FORCE_INT = 0x7fffffff
} mv_centre_rule;
typedef struct mv_crop_or_pad_opt {
    mv_centre_rule rule;
    mv_pad_mode mode;
    double value;
} mv_crop_or_pad_opt;
MEDVOL_DEF mv_status mv_crop_or_pad(mv_ctx *ctx, mv_volume *dst, const mv_volume *src, const size_t *shape,
                                    const mv_crop_or_pad_opt *opt);

/* mv_foreground_box: the least box that holds every foreground voxel, grown by `margin` voxels on each side
   of the first three axes and cut to the volume; start and size take src->ndim entries. Further axes are kept
   whole: a voxel counts when it is foreground anywhere along them. Foreground: real value != 0, or with
   `above` real value > threshold; NaN never; complex and
   RGB: any part not 0 (alpha does not count), `above` refused. `by`: another volume of the same shape decides
   (a mask).
   mv_crop_foreground: the same box cropped out; box_start, box_size receive it (or NULL). Scratch: 48 bytes
   for each 64 Ki voxels. Errors: MEDVOL_E_EMPTY (no foreground), MEDVOL_E_RANGE (NaN threshold),
   MEDVOL_E_SHAPE (by), MEDVOL_E_DTYPE. */
typedef struct mv_foreground_opt {
    int above;
    double threshold;
    size_t margin;
    const mv_volume *by;
    size_t *box_start, *box_size;
} mv_foreground_opt;
MEDVOL_DEF mv_status mv_foreground_box(mv_ctx *ctx, size_t *start, size_t *size, const mv_volume *src,
                                       const mv_foreground_opt *opt);
MEDVOL_DEF mv_status mv_crop_foreground(mv_ctx *ctx, mv_volume *dst, const mv_volume *src,
                                        const mv_foreground_opt *opt);

/* mv_flip: axes whose bit is set (1 << d) reversed: voxel i becomes n - 1 - i, column d of the affine turns,
   the origin moves to the other end. In place when dst == src: half the traffic. Errors: MEDVOL_E_RANGE (a
   bit beyond ndim).
   mv_permute: axis d of dst is axis order[d] of src (numpy.transpose); columns and steps move along. An axis
   from beyond the third that comes among the first three brings a zero column: it has no direction in space;
   one that goes there takes its spacing as step. Errors: MEDVOL_E_RANGE (order is not a permutation of
   0..ndim - 1).
   mv_rot90: k quarter turns in the plane of axes a and b, from a towards b (numpy.rot90 with axes = (a, b));
   k of either sign, modulo 4. Errors: MEDVOL_E_RANGE (a == b, an axis beyond ndim). */
MEDVOL_DEF mv_status mv_flip(mv_ctx *ctx, mv_volume *dst, const mv_volume *src, unsigned axes);
MEDVOL_DEF mv_status mv_permute(mv_ctx *ctx, mv_volume *dst, const mv_volume *src, const int *order);
MEDVOL_DEF mv_status mv_rot90(mv_ctx *ctx, mv_volume *dst, const mv_volume *src, int k, int a, int b);

/* mv_reorient: the first three axes permuted and flipped so that they run along `code`, three letters of L R,
   P A, I S, each pair once, either case: "RAS": i grows to the right, j to anterior, k to superior. No
   interpolation: of an oblique volume each axis takes the world axis that mv_affine_orientation assigns (as
   nibabel does), the rest of the obliqueness stays in the affine. Further axes are carried. from: letters
   name where axes come from, as ITK and AFNI write it ("RAI" = our "LPS").
   Errors: MEDVOL_E_RANGE (code), MEDVOL_E_SINGULAR (an axis without direction). Source:
   nibabel.orientations. */
typedef struct mv_reorient_opt {
    int from;
} mv_reorient_opt;
MEDVOL_DEF mv_status mv_reorient(mv_ctx *ctx, mv_volume *dst, const mv_volume *src, const char *code,
                                 const mv_reorient_opt *opt);

/* mv_permute_array: the engine behind these for elements of 1 to 64 bytes in memory of any layout. Axis d of
   dst is axis order[d] of src (NULL: the same), run backwards when bit order[d] of flips is set. dim,
   src_stride: of src's axes; dst_stride: of dst's; strides in elements, of either sign, NULL: contiguous,
   axis 0 fastest. A crop is a start pointer and strides.
   mv_pad_array: contiguous src of dim[] into contiguous dst; fill: the element of MEDVOL_PAD_CONSTANT (NULL:
   zero bytes); MEAN, MINIMUM and MAXIMUM are refused (MEDVOL_E_UNSUPPORTED). dst must not overlap src
   (MEDVOL_E_ALIAS) nor fold onto itself (MEDVOL_E_SHAPE). Threads and errors as above. */
MEDVOL_DEF mv_status mv_permute_array(mv_ctx *ctx, void *dst, const ptrdiff_t *dst_stride, const void *src,
                                      const ptrdiff_t *src_stride, size_t elem_size, int ndim,
                                      const size_t *dim, const int *order, unsigned flips);
MEDVOL_DEF mv_status mv_pad_array(mv_ctx *ctx, void *dst, const void *src, size_t elem_size, int ndim,
                                  const size_t *dim, const size_t *before, const size_t *after,
                                  mv_pad_mode mode, const void *fill);

#endif

/* ---- resampling ---------------------------------------------------------------------------------------- */
#ifndef MEDVOL_NO_RESAMPLE

/* How a value between voxels is found. */
typedef enum mv_interp {
    MEDVOL_LINEAR = 0,     /* 2 taps an axis */
    MEDVOL_NEAREST = 1,    /* for labels; ties go to the higher voxel */
    /* cubic B-spline with prefilter: passes through the voxels, twice differentiable (order 3 of scipy) */
    MEDVOL_CUBIC = 2,
    /* cubic convolution of Keys; opt.a: -0.5 is Keys' own, -0.75 is what OpenCV and torch take */
    MEDVOL_CUBIC_CONV = 3,
    MEDVOL_LANCZOS = 4,    /* sinc windowed by a sinc, opt.lobes on each side, weights made to sum to 1 */
    MEDVOL_INTERP_FORCE_INT = 0x7fffffff
} mv_interp;
/* What stands outside. n voxels of an axis have their centres at 0..n-1 and fill -0.5..n-0.5. */
typedef enum mv_border {
    MEDVOL_BORDER_DEFAULT = 0,  /* EDGE to a spacing or shape, CONSTANT onto a grid or by an affine */
    /* opt.value beyond -0.5..n-0.5, EDGE within, both ends included (ITK leaves the upper one out) */
    MEDVOL_BORDER_CONSTANT = 1,
    /* a position beyond 0..n-1 is moved to its nearest end (scipy 'nearest'; CUBIC's prefilter mirrors, so it
       gives scipy 'mirror' at the moved position) */
    MEDVOL_BORDER_EDGE = 2,
    /* reflected about the outer centres: 2 1 | 0 1 2 (scipy 'mirror', numpy 'reflect') */
    MEDVOL_BORDER_MIRROR = 3,
    MEDVOL_BORDER_WRAP = 4, /* period n (scipy 'grid-wrap') */
    MEDVOL_BORDER_FORCE_INT = 0x7fffffff
} mv_border;
/* Output voxel i of an axis, of n voxels before and m after, lies at input position x(i); s is the step in
   input voxels, new spacing / old spacing. The affine of the result says where that is, for every rule. */
typedef enum mv_grid {
    /* x = (n-1)/2 + s (i - (m-1)/2): centre kept, spacing exactly as asked (to a shape: s = n/m) */
    MEDVOL_GRID_CENTRE = 0,
    /* x = s i: first voxels coincide (MONAI Spacing, nibabel); to a shape: s = n/m */
    MEDVOL_GRID_FIRST = 1,
    /* x = (s-1)/2 + s i: outer edges of the first voxels coincide */
    MEDVOL_GRID_LOW_EDGE = 2,
    MEDVOL_GRID_HALF_PIXEL = 3,    /* s = n/m, x = (i + 0.5) s - 0.5: extent kept, spacing gives way */
    /* s = (n-1)/(m-1), x = s i: first and last voxels coincide; HALF_PIXEL where n or m is 1 */
    MEDVOL_GRID_ALIGN_CORNERS = 4,
    MEDVOL_GRID_FORCE_INT = 0x7fffffff
} mv_grid;
/* Voxels along an axis for a new spacing, r = old / new; at least 1. Ceil and floor forgive a millionth of a
   voxel. */
typedef enum mv_shape_rule {
    MEDVOL_SHAPE_ROUND = 0,   /* round(n r) */
    MEDVOL_SHAPE_CEIL = 1,    /* ceil(n r) */
    MEDVOL_SHAPE_MONAI = 2,   /* round((n-1) r + 1), half to even */
    MEDVOL_SHAPE_NIBABEL = 3, /* ceil((n-1) r) + 1 */
    MEDVOL_SHAPE_FLOOR = 4,   /* floor(n r), never beyond the input; with GRID_CENTRE as TorchIO */
    MEDVOL_SHAPE_FORCE_INT = 0x7fffffff
} mv_shape_rule;
typedef struct mv_resample_opt {
    mv_interp interp;
    mv_border border;
    double value;        /* of BORDER_CONSTANT, a real value */
    mv_grid grid;        /* mv_resample_spacing, mv_resample_shape */
    mv_shape_rule shape; /* mv_resample_spacing */
    int antialias;       /* smooth by a Gaussian of sigma (s-1)/2 voxels, cut at 4 sigma, where s > 1 (as
                            scikit-image) */
    double a;            /* CUBIC_CONV: -2..0; 0 takes -0.5 */
    int lobes;           /* LANCZOS: 2..8; 0 takes 3 */
    mv_dtype dtype;      /* of the result; NONE: dst's when it has memory, else f32, NEAREST: src's */
} mv_resample_opt;
/* mv_resample_spacing: to spacing[0..2] mm. mv_resample_shape: to shape[0..2] voxels. mv_resample_like: onto
   the voxels of `grid` (its first three axes and affine; its data are not read). mv_resample_affine: output
   voxel i, j, k takes the value at input voxel m * (i, j, k, 1); m as the affines above; the result has
   shape[0..2] voxels and the affine src->affine * m. For a 2-D src the third entry of spacing or shape is not
   read (like, affine: shape[2] > 1 makes the result 3-D); further axes are carried along volume by volume.
   Any real type in and out; values are real (slope and intercept applied), arithmetic in f32 with positions
   in double, so 64-bit types are rounded to f32; integer results are rounded to nearest even and saturated,
   without scaling. NEAREST copies elements of any type (RGB, complex too) and keeps the scaling (`value` is
   then rounded and saturated as stored; given another type, the result has real values); it ignores
   antialias, and `value` of types that are not real must be 0. A grid that coincides with src gives src's
   values exactly. Positions within 1e-7 voxels of a voxel are on it. NaN and infinities make NaN of what
   their taps (with CUBIC: their lines) touch. Slice timing of the header is dropped where slices change,
   dim_info where axes turn. When m or the grid neither turns nor shears, axes are done one
   after the other. Memory beyond the result: rows of a few KiB a job; CUBIC an f32 copy of one volume; in the
   general case LINEAR an f32 copy where src is not f32 or has a scaling, CUBIC, CUBIC_CONV and
   LANCZOS a copy with a margin, antialias one more. Threads: tiles of the result, cut by shape alone, so bits
   do not depend on threads. Levels agree to 8 ulp of the largest value among the taps, with CUBIC and in the
   general case to 1e-5 of it (an integer result near a tie may be one apart); NEAREST to the bit.
   Errors: MEDVOL_E_NULL, _DTYPE, _RANGE (NaN, unknown enumerators), _SIZE, _SINGULAR, _SHAPE, _ALIAS, _NOMEM,
   _LIMIT; dst as it was. dst == src is allowed. Source: Keys 1981; Unser 1999; Duchon 1979. */
MEDVOL_DEF mv_status mv_resample_spacing(mv_ctx *ctx, mv_volume *dst, const mv_volume *src,
                                         const double *spacing, const mv_resample_opt *opt);
MEDVOL_DEF mv_status mv_resample_shape(mv_ctx *ctx, mv_volume *dst, const mv_volume *src, const size_t *shape,
                                       const mv_resample_opt *opt);
MEDVOL_DEF mv_status mv_resample_like(mv_ctx *ctx, mv_volume *dst, const mv_volume *src,
                                      const mv_volume *grid, const mv_resample_opt *opt);
MEDVOL_DEF mv_status mv_resample_affine(mv_ctx *ctx, mv_volume *dst, const mv_volume *src, const double *m,
                                        const size_t *shape, const mv_resample_opt *opt);
/* The same on contiguous f32 arrays of three axes, x first (2-D: a third axis of 1). dst and src must not
   overlap. */
MEDVOL_DEF mv_status mv_resample_shape_f32(mv_ctx *ctx, float *dst, const size_t *dst_shape, const float *src,
                                           const size_t *src_shape, const mv_resample_opt *opt);
MEDVOL_DEF mv_status mv_resample_affine_f32(mv_ctx *ctx, float *dst, const size_t *dst_shape,
                                            const float *src, const size_t *src_shape, const double *m,
                                            const mv_resample_opt *opt);

#endif

/* ---- Fourier transforms -------------------------------------------------------------------------------- */
#ifndef MEDVOL_NO_FFT

/* X[k] = s * sum over r of x[r] * exp(-2 pi i (k - c)(r - c) / n), along each axis of `axes`.
     INVERSE   exp(+2 pi i ...)
     CENTERED  index floor(n / 2) counts as 0 on both sides (NumPy: fftshift(fft(ifftshift(x)))); else c = 0
     UNITARY   s = 1 / sqrt(n); SCALED: s = 1 / n; neither: s = 1. In each case times desc.scale.
     REAL      forward: src is real, and of the lowest axis only k = 0..n / 2 are stored, for the others are
               conjugates of these; with INVERSE the way back, where the imaginary parts of k = 0 and, of even
               n, of k = n / 2 of that axis do not count. Not CENTERED.
   Lengths: any. Products of 2, 3, 5 and 7 are fastest, primes up to 31 have butterflies of their own; a
   length with a larger one becomes a convolution with a chirp, of some four times the work. */
enum {
    MEDVOL_FFT_INVERSE = 1,
    MEDVOL_FFT_CENTERED = 2,
    MEDVOL_FFT_UNITARY = 4,
    MEDVOL_FFT_SCALED = 8,
    MEDVOL_FFT_REAL = 16
};
/* What a plan is for. dim: lengths of the transforms, and extents of the axes that are not transformed.
   in_dim, out_dim: what lies in memory (0: all). Less than dim along a transformed axis: src is filled up
   with zeros, dst cropped, at the end or, CENTERED, on both sides, index floor(m / 2) of m staying the
   centre; no line of zeros is transformed. The real axis takes neither.
   in_stride, out_stride: in elements, in any order of size; all 0: contiguous, first axis fastest. */
typedef struct mv_fft_desc {
    mv_dtype dtype; /* of the complex side: MEDVOL_C64 [MEDVOL_NONE], MEDVOL_C128; the real one is f32, f64 */
    int ndim;
    size_t dim[7], in_dim[7], out_dim[7];
    ptrdiff_t in_stride[7], out_stride[7];
    unsigned axes;  /* bit k: axis k; 0: all */
    unsigned flags; /* MEDVOL_FFT_* */
    double scale;   /* 0: 1 */
} mv_fft_desc;
/* Made by mv_fft_plan_init and never changed again: threads may share it, each with a context of its own. */
typedef struct mv_fft_plan {
    mv_fft_desc desc; /* as understood: nothing left at 0 but strides */
    void *tables;     /* private */
} mv_fft_plan;

/* mv_fft_plan_init: the plan of desc, which mv_fft_plan_free releases, with a context of the same memory.
   *plan is overwritten; on error it is empty. Nothing is tried out: the same desc gives the same plan, in
   micro- to milliseconds. Memory: some 24 bytes (f64: 32) an element of each different length, six times that
   of one with a chirp. Errors: MEDVOL_E_NULL, _DTYPE, _RANGE (ndim, axes, flags, scale; strides whose
   elements coincide), _SIZE (a length of 0 or above 2^28; more bytes than there are addresses), _SHAPE
   (in_dim, out_dim), _UNSUPPORTED, _NOMEM.
   mv_fft_plan_execute: dst = transform of src. dst == src: where both sides are complex and have the same
   strides; any other overlap is MEDVOL_E_ALIAS. NaN and infinity make NaN of what depends on them. Threads:
   the context's; the bits do not depend on their number. Memory: up to some 256 KiB a thread, and 128 n bytes
   where lines are longer than 2048 (16 n when there is but one, or n is a product of 256, 2, 3, 5 and 7; f64:
   twice as much; with a chirp four times), and what no side can hold between two axes: never more than dim[]
   elements. Numerics: relative to the root mean square, some 1e-7 (f64: 2e-16) times
   sqrt(log2(n)); levels agree as closely. Other errors: MEDVOL_E_NULL, _NOMEM, _CANCELLED (dst is then half
   transformed).
   mv_fft_good_size: the least product of `multiple` (0: 1) and powers of 2, 3, 5, 7 that is n or more; 0:
   none fits.
   Source: Cooley and Tukey 1965; Bluestein 1970; Bailey 1990. */
MEDVOL_DEF mv_status mv_fft_plan_init(mv_ctx *ctx, mv_fft_plan *plan, const mv_fft_desc *desc);
MEDVOL_DEF mv_status mv_fft_plan_execute(mv_ctx *ctx, const mv_fft_plan *plan, void *dst, const void *src);
MEDVOL_DEF void mv_fft_plan_free(mv_ctx *ctx, mv_fft_plan *plan);
MEDVOL_DEF size_t mv_fft_good_size(size_t n, size_t multiple);

#endif

#ifdef __cplusplus
}
#endif
#endif /* MEDVOL_H */
#endif /* !MV__PASS */

#if defined(MEDVOL_IMPLEMENTATION) && (defined(MV__PASS) || !defined(MV__ONCE)) && !defined(MV__REAL)
#ifndef MV__PASS
/* ==== [BASE] compiler and platform, messages, checked sizes, memory, scalar helpers. Owns mv__ names without
   a section. ============================================================================================= */
#define MV__ONCE
#define MV__OPEN /* until [END]: the implementation is being read */
#ifndef MEDVOL_SELF
#  define MEDVOL_SELF "medvol.h" /* not __FILE__: that breaks when the include path has a directory in it */
#endif
#ifndef MEDVOL_MAX_LEVEL
#  define MEDVOL_MAX_LEVEL 4
#endif
#if MEDVOL_MAX_LEVEL < 1 || MEDVOL_MAX_LEVEL > 4
#  error "medvol.h: MEDVOL_MAX_LEVEL must be 1, 2, 3 or 4"
#endif
#if defined(MEDVOL_NO_GZIP) && !defined(MEDVOL_NO_IO)
#  error "medvol.h: [IO] needs [GZIP]: define MEDVOL_NO_IO too"
#endif
#include <stdarg.h>
#include <math.h>
#if !defined(MEDVOL_NO_MALLOC) || !defined(MEDVOL_NO_GETENV)
#  include <stdlib.h>
#endif
#if defined(_WIN32) && !defined(MEDVOL_NO_STDIO)
#  define MV__WIN32 1
#elif (defined(__unix__) || defined(__APPLE__)) && !defined(MEDVOL_NO_STDIO)
#  define MV__POSIX 1
#endif
#if defined(_WIN32) && (defined(MV__WIN32) || !defined(MEDVOL_NO_THREADS))
#  ifndef WIN32_LEAN_AND_MEAN
#    define WIN32_LEAN_AND_MEAN
#  endif
#  ifndef NOMINMAX
#    define NOMINMAX
#  endif
#  include <windows.h>
#elif !defined(MEDVOL_NO_THREADS)
#  include <pthread.h>
#  include <unistd.h>
#endif
#ifdef MV__POSIX
#  include <errno.h>
#  include <fcntl.h>
#  include <stdio.h>
#  include <sys/stat.h>
#  include <sys/types.h>
#  include <unistd.h>
#  ifndef MEDVOL_NO_MMAP
#    include <sys/mman.h>
#  endif
#elif !defined(MEDVOL_NO_STDIO)
#  include <stdio.h>
#endif
#if defined(__linux__) && !defined(MEDVOL_NO_MALLOC)
#  include <sys/mman.h>
#  ifndef MADV_HUGEPAGE
#    define MADV_HUGEPAGE 14
#  endif
#endif
#if defined(__GLIBC__) && !defined(__cplusplus) && !defined(__USE_MISC) && \
    (defined(MV__POSIX) || !defined(MEDVOL_NO_MALLOC))
/* a system header came first under a strict -std and hid these; POSIX.1-2008 gives them this form */
extern int madvise(void *address, size_t length, int advice);
#  ifdef MV__POSIX
extern ssize_t pread(int fd, void *buffer, size_t count, off_t offset);
extern ssize_t readlink(const char *path, char *buffer, size_t size);
extern int fsync(int fd);
extern int fchmod(int fd, mode_t mode);
extern int fchown(int fd, uid_t owner, gid_t group);
extern int lstat(const char *path, struct stat *info);
#    ifndef O_CLOEXEC
#      define O_CLOEXEC 02000000
#    endif
#    ifndef S_ISREG
#      define S_ISREG(m) (((m) & 0170000) == 0100000)
#    endif
#  endif
#endif

/* MV__P: a pragma from a macro. The GCC dialects fuse a*b + c even across intrinsics, hence
   fp-contract=off. */
#define MV__P(x) _Pragma(#x)
#if defined(__clang__)
#  define MV__UNROLL _Pragma("clang loop unroll(full)")
#  define MV__TARGET(t) MV__P(clang attribute push(__attribute__((target(t))), apply_to = function))
#  define MV__UNTARGET MV__P(clang attribute pop)
#  pragma STDC FP_CONTRACT OFF
#  pragma clang diagnostic push
/* a section left out leaves helpers without a caller */
#  pragma clang diagnostic ignored "-Wunused-function"
#  ifdef __i386__
MV__TARGET("sse2")
#  endif
#elif defined(__GNUC__)
#  define MV__UNROLL _Pragma("GCC unroll 16")
#  define MV__TARGET(t) MV__P(GCC push_options) MV__P(GCC target(t))
#  define MV__UNTARGET MV__P(GCC pop_options)
#  pragma GCC diagnostic push
#  pragma GCC diagnostic ignored "-Wunused-function"
#  pragma GCC diagnostic ignored "-Wmaybe-uninitialized" /* g++ 12 complains inside its own _mm512_* */
#  pragma GCC diagnostic ignored "-Wuninitialized"       /* and about _mm512_undefined_ps */
#  ifndef __OPTIMIZE__
#    pragma GCC diagnostic ignored "-Wsign-conversion" /* at -O0 the intrinsics are macros */
#  endif
#  pragma GCC push_options
#  pragma GCC optimize("fp-contract=off")
/* no step in a wider type: on s390 a strict -std would take floats to doubles, the x87 takes all to long
   double */
#  if defined(__s390__)
#    pragma GCC optimize("excess-precision=fast")
#  elif defined(__i386__)
#    pragma GCC target("sse2,fpmath=sse")
#  endif
#else
#  define MV__UNROLL
#  define MV__TARGET(t)
#  define MV__UNTARGET
#endif
#if defined(__GNUC__) || defined(__clang__)
#  define mv__memcpy __builtin_memcpy /* under -ffreestanding memcpy(4) would be a call */
#  define mv__memset __builtin_memset
#  define mv__memmove __builtin_memmove
#  define mv__memcmp __builtin_memcmp
#  define MV__LIKELY(x) __builtin_expect(!!(x), 1)
#  define MV__UNLIKELY(x) __builtin_expect(!!(x), 0)
#  define MV__INLINE static inline __attribute__((always_inline))
#  define MV__NOINLINE static __attribute__((noinline))
#  define MV__PRINTF(a, b) __attribute__((format(MV__PRINTF_KIND, a, b)))
#  if defined(__MINGW32__) && !defined(__clang__)
#    define MV__PRINTF_KIND gnu_printf
#  else
#    define MV__PRINTF_KIND printf
#  endif
#  define mv__atomic_add(p, v) __atomic_fetch_add((p), (v), __ATOMIC_RELAXED)
#  define mv__atomic_get(p) __atomic_load_n((p), __ATOMIC_RELAXED)
#  define mv__atomic_set(p, v) __atomic_store_n((p), (v), __ATOMIC_RELAXED)
#  define mv__ctz64(x) __builtin_ctzll(x)
#  define mv__clz64(x) __builtin_clzll(x)
#else
#  include <string.h>
#  include <intrin.h>
#  define mv__memcpy memcpy
#  define mv__memset memset
#  define mv__memmove memmove
#  define mv__memcmp memcmp
#  define MV__LIKELY(x) (x)
#  define MV__UNLIKELY(x) (x)
#  define MV__INLINE static __forceinline
#  define MV__NOINLINE static __declspec(noinline)
#  define MV__PRINTF(a, b)
#  ifdef _WIN64
#    define mv__atomic_add(p, v) ((size_t)_InterlockedExchangeAdd64((volatile __int64 *)(p), (__int64)(v)))
#  else
#    define mv__atomic_add(p, v) ((size_t)_InterlockedExchangeAdd((volatile long *)(p), (long)(v)))
#  endif
#  define mv__atomic_get(p) (*(p))
#  define mv__atomic_set(p, v) (*(p) = (v))
static __inline int mv__ctz64(uint64_t x) { unsigned long i; _BitScanForward64(&i, x); return (int)i; }
static __inline int mv__clz64(uint64_t x) { unsigned long i; _BitScanReverse64(&i, x); return 63 - (int)i; }
#endif
/* MV__KNOWN(x): x holds here by what came before, which clang's path analyzer cannot follow. No code; with
   MV__CHECK_KNOWN UBSan reports where it is wrong (make sanitize). */
#if defined(__clang_analyzer__) || defined(MV__CHECK_KNOWN)
#  define MV__KNOWN(x) ((x) ? (void)0 : __builtin_unreachable())
#else
#  define MV__KNOWN(x) ((void)0)
#endif
/* of functions whose unsigned sums wrap, shifts drop bits or divisors are 0 on purpose: in all others clang's
   sanitizers may report these */
#if defined(__clang__) && __clang_major__ >= 12
#  define MV__WRAPS                                                                                          \
    __attribute__((no_sanitize("unsigned-integer-overflow", "unsigned-shift-base", "float-divide-by-zero")))
#else
#  define MV__WRAPS
#endif
#if defined(__BYTE_ORDER__) && defined(__ORDER_BIG_ENDIAN__) && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
#  define MV__BIG_ENDIAN 1
#else
#  define MV__BIG_ENDIAN 0
#endif
#if defined(__x86_64__) || defined(_M_X64)
#  define MV__X86 1
#  define MV__LEVELS MEDVOL_MAX_LEVEL
#  include <immintrin.h> /* before every target region, never inside one */
#  define mv__pause() _mm_pause()
#  if defined(_MSC_VER) && !defined(__clang__)
#    define mv__cpuid(leaf, r) __cpuidex((int *)(r), (leaf), 0)
#    define mv__xcr0(x) ((x) = (unsigned)_xgetbv(0))
#  else
#    include <cpuid.h>
#    define mv__cpuid(leaf, r) __cpuid_count((leaf), 0, (r)[0], (r)[1], (r)[2], (r)[3])
#    define mv__xcr0(x) __asm__ volatile("xgetbv" : "=a"(x) : "c"(0) : "edx")
#  endif
#elif (defined(__aarch64__) || defined(_M_ARM64)) && MEDVOL_MAX_LEVEL >= 2
#  define MV__NEON 1
#  define MV__LEVELS 2
#  include <arm_neon.h>
#else
#  define MV__LEVELS 1
#endif
#ifndef mv__pause
#  define mv__pause() ((void)0)
#endif
#define MV__JOIN2(a, b) a##b
#define MV__JOIN(a, b) MV__JOIN2(a, b)
#define MV__K(name) MV__JOIN(name, MV__SFX) /* MV__K(mv__zn_apply) is mv__zn_apply_avx2 in the AVX2 pass */
/* values a job: reductions are cut here whatever the number of threads */
#define MV__CHUNK ((size_t)1 << 16)

/* ---- checked sizes: 1 when the result fits ---- */
static inline int mv__mul(size_t a, size_t b, size_t *out) {
    if (a != 0 && b > (size_t)-1 / a) return 0;
    *out = a * b;
    return 1;
}
static inline int mv__add(size_t a, size_t b, size_t *out) {
    if (b > (size_t)-1 - a) return 0;
    *out = a + b;
    return 1;
}
static inline size_t mv__minz(size_t a, size_t b) { return a < b ? a : b; }
static inline size_t mv__maxz(size_t a, size_t b) { return a > b ? a : b; }
static inline size_t mv__divup(size_t a, size_t b) { return a / b + (a % b != 0); }
static inline uint64_t mv__magnitude(int64_t v) { return v < 0 ? (uint64_t)-(v + 1) + 1 : (uint64_t)v; }
static inline int mv__finite(double x) { return x - x == 0.0; }
static inline int mv__isnan(double x) { return x != x; }

/* to nearest even; to int32 as the CPUs do (out of range and NaN: the least int32), which plain C leaves
   undefined */
static inline float mv__rintf(float x) { return rintf(x); }
static inline double mv__rint(double x) { return rint(x); }
static inline int32_t mv__truncf(float x) {
    return x >= -2147483648.0f && x < 2147483648.0f ? (int32_t)x : (int32_t)(-0x7fffffff - 1);
}

/* ---- bytes of either order ---- */
static inline uint16_t mv__swap16(uint16_t x) { return (uint16_t)(x << 8 | x >> 8); }
MV__WRAPS static inline uint32_t mv__swap32(uint32_t x) {
    return x << 24 | (x & 0xff00u) << 8 | (x >> 8 & 0xff00u) | x >> 24;
}
static inline uint64_t mv__swap64(uint64_t x) {
    return (uint64_t)mv__swap32((uint32_t)x) << 32 | mv__swap32((uint32_t)(x >> 32));
}
static inline uint16_t mv__le16(const void *p) {
    uint16_t x;
    mv__memcpy(&x, p, 2);
    return MV__BIG_ENDIAN ? mv__swap16(x) : x;
}
static inline uint32_t mv__le32(const void *p) {
    uint32_t x;
    mv__memcpy(&x, p, 4);
    return MV__BIG_ENDIAN ? mv__swap32(x) : x;
}
static inline uint64_t mv__le64(const void *p) {
    uint64_t x;
    mv__memcpy(&x, p, 8);
    return MV__BIG_ENDIAN ? mv__swap64(x) : x;
}
static inline void mv__put_le16(void *p, uint16_t x) {
    if (MV__BIG_ENDIAN) x = mv__swap16(x);
    mv__memcpy(p, &x, 2);
}
static inline void mv__put_le32(void *p, uint32_t x) {
    if (MV__BIG_ENDIAN) x = mv__swap32(x);
    mv__memcpy(p, &x, 4);
}
static inline void mv__put_le64(void *p, uint64_t x) {
    if (MV__BIG_ENDIAN) x = mv__swap64(x);
    mv__memcpy(p, &x, 8);
}

/* ---- half precision, one value; nearest even ---- */
static inline float mv__bits_f32(uint32_t b) {
    float f;
    mv__memcpy(&f, &b, 4);
    return f;
}
static inline uint32_t mv__f32_bits(float f) {
    uint32_t b;
    mv__memcpy(&b, &f, 4);
    return b;
}
static inline float mv__f16_to_f32(uint16_t h) {
    uint32_t sign = (uint32_t)(h & 0x8000u) << 16, e = h >> 10 & 31u, m = h & 0x3ffu;
    if (e == 31) return mv__bits_f32(sign | 0x7f800000u | (m ? m << 13 | 0x400000u : 0));
    if (e == 0) { /* zero or subnormal: m * 2^-24, exact */
        float f = (float)m * 5.9604644775390625e-8f;
        return sign ? -f : f;
    }
    return mv__bits_f32(sign | (e + 112) << 23 | m << 13);
}
static inline uint16_t mv__f32_to_f16(float f) {
    uint32_t b = mv__f32_bits(f), sign = b >> 16 & 0x8000u, r, shift, half;
    b &= 0x7fffffffu;
    if (b > 0x7f800000u) return (uint16_t)(sign | 0x7e00u | (b >> 13 & 0x1ffu));
    if (b >= 0x477ff000u) return (uint16_t)(sign | 0x7c00u); /* 65520 and more round to infinity */
    if (b < 0x33000000u) return (uint16_t)sign;              /* below half the least subnormal */
    if (b < 0x38800000u) {
        shift = 126 - (b >> 23);
        b = (b & 0x7fffffu) | 0x800000u;
        half = 1u << (shift - 1);
        r = b >> shift;
        b &= (1u << shift) - 1;
        r += b > half || (b == half && (r & 1));
        return (uint16_t)(sign | r);
    }
    r = (b - 0x38000000u) >> 13;
    b &= 0x1fffu;
    r += b > 0x1000u || (b == 0x1000u && (r & 1));
    return (uint16_t)(sign | r);
}
static inline float mv__bf16_to_f32(uint16_t h) { /* NaNs quiet, as vectors through double make them */
    return mv__bits_f32((uint32_t)h << 16 | ((h & 0x7fffu) > 0x7f80u ? 0x400000u : 0));
}
static inline uint16_t mv__f32_to_bf16(float f) {
    uint32_t b = mv__f32_bits(f);
    if ((b & 0x7fffffffu) > 0x7f800000u) return (uint16_t)(b >> 16 | 0x40u);
    return (uint16_t)((b + 0x7fffu + (b >> 16 & 1)) >> 16);
}

/* ---- messages: printf of our own, free of locale and stdio: %s %c %d %u %x %g with l, ll, z ---- */
typedef struct mv__text {
    char *at, *end;
} mv__text;
static void mv__put(mv__text *t, char c) {
    if (t->at < t->end) *t->at++ = c;
}
/* text from files may hold anything: a message stays one line */
static void mv__puts(mv__text *t, const char *s) {
    if (!s) s = "(null)";
    for (; *s; s++) mv__put(t, (unsigned char)*s < 32 || *s == 127 ? '?' : *s);
}
static void mv__putu(mv__text *t, uint64_t u, unsigned base) {
    char b[24];
    int n = 0;
    do b[n++] = "0123456789abcdef"[u % base], u /= base; while (u);
    while (n) mv__put(t, b[--n]);
}
static void mv__putg(mv__text *t, double x) { /* integers in full, else six significant digits */
    int e = 0, digits = 6;
    if (x != x) { mv__puts(t, "NaN"); return; }
    if (x < 0) { mv__put(t, '-'); x = -x; }
    if (!mv__finite(x)) { mv__puts(t, "Inf"); return; }
    if (x < 1e15 && x == floor(x)) { mv__putu(t, (uint64_t)x, 10); return; }
    while (x >= 10) { x /= 10; e++; }
    while (x < 1) { x *= 10; e--; }
    x += 5e-6; /* half of the sixth digit; may carry to 10 */
    if (x >= 10) { x /= 10; e++; }
    if (e < 0 && e > -5) {
        int z;
        mv__puts(t, "0.");
        for (z = -1; z > e; z--) mv__put(t, '0');
    }
    {
        int d, i, plain = e > -5 && e < 6;
        char b[8];
        for (i = 0; i < digits; i++) {
            d = (int)x;
            b[i] = (char)('0' + d);
            x = (x - d) * 10;
        }
        while (digits > 1 && b[digits - 1] == '0' && !(plain && digits <= e + 1)) digits--;
        for (i = 0; i < digits; i++) {
            mv__put(t, b[i]);
            if (i + 1 < digits && ((plain && i == e) || (!plain && i == 0))) mv__put(t, '.');
        }
        if (!plain) {
            mv__put(t, 'e');
            if (e < 0) { mv__put(t, '-'); e = -e; }
            mv__putu(t, (uint64_t)e, 10);
        }
    }
}
MV__PRINTF(3, 0) static size_t mv__vformat(char *dst, size_t size, const char *fmt, va_list ap) {
    mv__text t;
    t.at = dst;
    t.end = dst + size - 1;
    for (; *fmt; fmt++) {
        int wide = 0, sizet = 0;
        if (*fmt != '%') { mv__put(&t, *fmt); continue; }
        for (fmt++; *fmt == 'l' || *fmt == 'z'; fmt++) {
            if (*fmt == 'l') wide++;
            else sizet = 1;
        }
        if (*fmt == 'd') {
            int64_t v = sizet      ? va_arg(ap, ptrdiff_t)
                        : wide > 1 ? va_arg(ap, long long)
                        : wide     ? va_arg(ap, long)
                                   : va_arg(ap, int);
            if (v < 0) mv__put(&t, '-');
            mv__putu(&t, mv__magnitude(v), 10);
        } else if (*fmt == 'u' || *fmt == 'x') {
            uint64_t v = sizet      ? va_arg(ap, size_t)
                         : wide > 1 ? va_arg(ap, unsigned long long)
                         : wide     ? va_arg(ap, unsigned long)
                                    : va_arg(ap, unsigned);
            mv__putu(&t, v, *fmt == 'x' ? 16 : 10);
        } else if (*fmt == 's') mv__puts(&t, va_arg(ap, const char *));
        else if (*fmt == 'c') mv__put(&t, (char)va_arg(ap, int));
        else if (*fmt == 'g') mv__putg(&t, va_arg(ap, double));
        else mv__put(&t, *fmt);
    }
    *t.at = 0;
    return (size_t)(t.at - dst);
}
MV__PRINTF(3, 4) static size_t mv__format(char *dst, size_t size, const char *fmt, ...) {
    size_t n;
    va_list ap;
    va_start(ap, fmt);
    n = mv__vformat(dst, size, fmt, ap);
    va_end(ap);
    return n;
}
/* Record a failure and return its status: return mv__fail(ctx, MEDVOL_E_RANGE, "sd", sd, -1, "sd = %g: must
   be > 0", sd) */
MV__PRINTF(6, 7)
static mv_status mv__fail(mv_ctx *ctx, mv_status code, const char *field, double value, int64_t offset,
                          const char *fmt, ...) {
    if (ctx) {
        va_list ap;
        ctx->error.code = code;
        ctx->error.field = field;
        ctx->error.value = value;
        ctx->error.offset = offset;
        va_start(ap, fmt);
        mv__vformat(ctx->error.text, sizeof ctx->error.text, fmt, ap);
        va_end(ap);
    }
    return code;
}
#ifdef __clang_analyzer__ /* it does not look into a variadic function: what comes back is the code */
#  define mv__fail(ctx, code, ...) (mv__fail(ctx, code, __VA_ARGS__), code)
#endif
static mv_status mv__fail_null(mv_ctx *ctx, const char *op, const char *name) {
    return mv__fail(ctx, MEDVOL_E_NULL, name, 0, -1, "%s: %s is NULL", op, name);
}
/* Prefix the message with the file it is about. */
static mv_status mv__fail_in(mv_ctx *ctx, mv_status code, const char *name) {
    if (ctx && code < 0) {
        char old[sizeof ctx->error.text];
        size_t n = 0, most = sizeof old / 2; /* of a long name, its end */
        while (n < SIZE_MAX / 2 && name[n]) n++; /* no call of strlen: a freestanding library has none */
        mv__memcpy(old, ctx->error.text, sizeof old);
        mv__format(ctx->error.text, sizeof ctx->error.text, "%s%s: %s", n > most ? "..." : "",
                   n > most ? name + (n - most) : name, old);
    }
    return code;
}
#define MV__X(name, value, text) case MEDVOL_##name: return text;
MEDVOL_DEF const char *mv_status_str(mv_status status) {
    switch (status) {
        MEDVOL_STATUS_LIST(MV__X)
        default: return "unknown status";
    }
}
#undef MV__X
MEDVOL_DEF const char *mv_message(const mv_ctx *ctx) { return ctx ? ctx->error.text : ""; }
MEDVOL_DEF unsigned mv_warnings(const mv_ctx *ctx) { return ctx ? ctx->warnings : 0; }
MEDVOL_DEF const char *mv_version(void) { return "0.2.0"; }

/* ---- memory: every block starts on 64 bytes and remembers where it came from, just before its start. Blocks
   of 4 MiB and more from malloc start on 2 MiB and ask for huge pages: fresh 4 KiB pages cost more than most
   operations. ---- */
#define MV__HUGE ((size_t)2 << 20)
static void *mv__alloc(mv_ctx *ctx, size_t bytes) {
    size_t align = 64, total;
    unsigned char *raw = NULL, *p;
    int own = !ctx || !ctx->desc.mem_alloc;
#if defined(__linux__) && !defined(MEDVOL_NO_MALLOC)
    if (own && bytes >= 2 * MV__HUGE) align = MV__HUGE;
#endif
    if (bytes == 0) bytes = 1;
    if (!mv__add(bytes, align + sizeof(void *), &total)) total = 0; /* no machine has as much */
    else if (!own) raw = (unsigned char *)ctx->desc.mem_alloc(ctx->desc.mem_user, total);
#ifndef MEDVOL_NO_MALLOC
    else raw = (unsigned char *)malloc(total);
#endif
    if (!raw) {
        mv__fail(ctx, MEDVOL_E_NOMEM, "bytes", (double)bytes, -1, "%zu bytes of memory were refused", bytes);
        return NULL;
    }
    p = raw + sizeof(void *) + (align - (size_t)((uintptr_t)(raw + sizeof(void *)) % align)) % align;
    mv__memcpy(p - sizeof(void *), &raw, sizeof(void *));
#if defined(__linux__) && !defined(MEDVOL_NO_MALLOC)
    if (align == MV__HUGE) (void)madvise(p, bytes / MV__HUGE * MV__HUGE, MADV_HUGEPAGE);
#endif
    return p;
}
static void mv__free(mv_ctx *ctx, void *p) {
    void *raw;
    if (!p) return;
    mv__memcpy(&raw, (unsigned char *)p - sizeof(void *), sizeof(void *));
    if (ctx && ctx->desc.mem_free) ctx->desc.mem_free(ctx->desc.mem_user, raw);
#ifndef MEDVOL_NO_MALLOC
    else if (!ctx || !ctx->desc.mem_alloc) free(raw);
#endif
}
#if defined(__clang_analyzer__) && !defined(MEDVOL_NO_MALLOC) /* these it knows: leaks, double frees, NULL */
static void *mv__known_alloc(size_t bytes) {
    void *p = malloc(bytes ? bytes : 1);
    return p ? p : NULL;
}
#  define mv__alloc(ctx, bytes) ((void)(ctx), mv__known_alloc(bytes))
#  define mv__free(ctx, p) ((void)(ctx), free(p))
#endif
/* Results above this are written past the caches, new ones too: malloc mostly gives pages back that were in
   use (measured: a third faster; pages fresh from the system: huge ones 13 % faster, small ones 9 % slower).
   make guard lowers it. */
#ifndef MV__NT_BYTES
#  define MV__NT_BYTES ((size_t)4 << 20)
#endif
static void mv__unmap(void *address, uint64_t bytes) { /* what the platform's mv_io maps */
#if defined(MV__POSIX) && !defined(MEDVOL_NO_MMAP)
    munmap(address, (size_t)bytes);
#elif defined(MV__WIN32) && !defined(MEDVOL_NO_MMAP)
    (void)bytes;
    UnmapViewOfFile(address);
#else
    (void)address;
    (void)bytes;
#endif
}
static void mv__trace(mv_ctx *ctx, int begin, const char *name, size_t bytes) {
    if (ctx && ctx->desc.trace) ctx->desc.trace(ctx->desc.trace_user, begin, name, bytes);
}

/* ---- the tail and the fold of a striped sum: 16 double stripes, element i in stripe i % 16, a fixed tree */
static double mv__fold16(double *acc) {
    int w, j;
    for (w = 8; w > 0; w >>= 1)
        for (j = 0; j < w; j++) acc[j] += acc[j + w];
    return acc[0];
}

/* ==== [CTX] context, thread pool, parallel-for, progress. Owns mv__pool_*. Uses [BASE]. ================= */
#ifndef MEDVOL_NO_THREADS
#  ifdef _WIN32
typedef CRITICAL_SECTION mv__mutex;
typedef CONDITION_VARIABLE mv__cond;
typedef HANDLE mv__thread;
#    define mv__mutex_init(m) (InitializeCriticalSection(m), 0)
#    define mv__mutex_free(m) DeleteCriticalSection(m)
#    define mv__lock(m) EnterCriticalSection(m)
#    define mv__unlock(m) LeaveCriticalSection(m)
#    define mv__cond_init(c) (InitializeConditionVariable(c), 0)
#    define mv__cond_free(c) ((void)(c))
#    define mv__wait(c, m) SleepConditionVariableCS(c, m, INFINITE)
#    define mv__wake_all(c) WakeAllConditionVariable(c)
#    define MV__THREAD_FN DWORD WINAPI
#    define mv__thread_start(t, f, a) ((*(t) = CreateThread(NULL, 0, f, a, 0, NULL)) == NULL)
#    define mv__thread_join(t) (WaitForSingleObject(t, INFINITE), CloseHandle(t))
#    define MV__THREAD_RETURN return 0
#  else
typedef pthread_mutex_t mv__mutex;
typedef pthread_cond_t mv__cond;
typedef pthread_t mv__thread;
#    define mv__mutex_init(m) pthread_mutex_init(m, NULL)
#    define mv__mutex_free(m) pthread_mutex_destroy(m)
#    define mv__lock(m) pthread_mutex_lock(m)
#    define mv__unlock(m) pthread_mutex_unlock(m)
#    define mv__cond_init(c) pthread_cond_init(c, NULL)
#    define mv__cond_free(c) pthread_cond_destroy(c)
#    define mv__wait(c, m) pthread_cond_wait(c, m)
#    define mv__wake_all(c) pthread_cond_broadcast(c)
#    define MV__THREAD_FN void *
#    define mv__thread_start(t, f, a) pthread_create(t, NULL, f, a)
#    define mv__thread_join(t) pthread_join(t, NULL)
#    define MV__THREAD_RETURN return NULL
#  endif
/* Looks before a thread goes to sleep: to wake one takes longer than the gap between two passes. */
enum { MV__POOL_SPIN = 1000 };
typedef struct mv__pool {
    mv__mutex lock;
    mv__cond work, done;
    int threads, stop, open; /* open: workers may still join the call */
    volatile int running;    /* workers that have joined; atomic, written under the lock */
    volatile unsigned turn;  /* counts calls, so that a worker takes part once in each; likewise */
    void (*job)(void *arg, size_t i);
    void *arg;
    size_t njobs, next; /* next is atomic */
    int cancel;         /* atomic */
    mv__thread thread[1];
} mv__pool;
static void mv__pool_drain(mv__pool *p) {
    size_t i;
    while (!mv__atomic_get(&p->cancel) && (i = mv__atomic_add(&p->next, (size_t)1)) < p->njobs)
        p->job(p->arg, i);
}
static MV__THREAD_FN mv__pool_worker(void *arg) {
    mv__pool *p = (mv__pool *)arg;
    unsigned seen = 0;
    int i;
    for (;;) {
        for (i = 0; i < MV__POOL_SPIN && mv__atomic_get(&p->turn) == seen; i++) mv__pause();
        mv__lock(&p->lock);
        while (!p->stop && p->turn == seen) mv__wait(&p->work, &p->lock);
        if (p->stop) break;
        seen = p->turn;
        if (p->open) {
            mv__atomic_set(&p->running, p->running + 1);
            mv__unlock(&p->lock);
            mv__pool_drain(p);
            mv__lock(&p->lock);
            mv__atomic_set(&p->running, p->running - 1);
            if (p->running == 0 && !p->open) mv__wake_all(&p->done);
        }
        mv__unlock(&p->lock);
    }
    mv__unlock(&p->lock);
    MV__THREAD_RETURN;
}
static int mv__cores(void) {
#  ifdef _WIN32
    SYSTEM_INFO info;
    GetSystemInfo(&info);
    if (info.dwNumberOfProcessors < 1) return 1;
    return info.dwNumberOfProcessors > 1024 ? 1024 : (int)info.dwNumberOfProcessors;
#  else
    long n = sysconf(_SC_NPROCESSORS_ONLN);
    return n < 1 ? 1 : n > 1024 ? 1024 : (int)n;
#  endif
}
static void mv__pool_free(mv_ctx *ctx, mv__pool *p) {
    int i;
    mv__lock(&p->lock);
    p->stop = 1;
    mv__wake_all(&p->work);
    mv__unlock(&p->lock);
    for (i = 1; i < p->threads; i++) mv__thread_join(p->thread[i]);
    mv__cond_free(&p->work);
    mv__cond_free(&p->done);
    mv__mutex_free(&p->lock);
    mv__free(ctx, p);
}
static int mv__pool_locks(mv__pool *p) { /* all of them or none */
    if (mv__mutex_init(&p->lock) != 0) return 0;
    if (mv__cond_init(&p->work) == 0) {
        if (mv__cond_init(&p->done) == 0) return 1;
        mv__cond_free(&p->work);
    }
    mv__mutex_free(&p->lock);
    return 0;
}
static mv_status mv__pool_make(mv_ctx *ctx, int threads) {
    size_t bytes = sizeof(mv__pool) + (size_t)threads * sizeof(mv__thread);
    mv__pool *p = (mv__pool *)mv__alloc(ctx, bytes);
    int i;
    if (!p) return MEDVOL_E_NOMEM;
    mv__memset(p, 0, bytes);
    if (!mv__pool_locks(p)) {
        mv__free(ctx, p);
        return mv__fail(ctx, MEDVOL_E_NOMEM, "threads", threads, -1, "the system gives no mutex");
    }
    p->threads = 1;
    for (i = 1; i < threads; i++) {
        if (mv__thread_start(&p->thread[i], mv__pool_worker, p) != 0) {
            mv__pool_free(ctx, p);
            return mv__fail(ctx, MEDVOL_E_NOMEM, "threads", threads, -1,
                            "the system gives only %d of %d threads", i, threads);
        }
        p->threads++;
    }
    ctx->pool = p;
    return MEDVOL_OK;
}
#endif
MEDVOL_DEF mv_status mv_ctx_init(mv_ctx *ctx, const mv_ctx_desc *desc) {
    mv_ctx_desc d;
    if (!ctx) return MEDVOL_E_NULL;
    mv__memset(&d, 0, sizeof d);
    if (desc) d = *desc;
    mv__memset(ctx, 0, sizeof *ctx);
    if (!(d.threads >= 0 && d.threads <= 1024))
        return mv__fail(ctx, MEDVOL_E_RANGE, "threads", d.threads, -1, "threads = %d: must be 0..1024",
                        d.threads);
    if (!d.mem_alloc != !d.mem_free)
        return mv__fail(ctx, MEDVOL_E_NULL, "mem_alloc", 0, -1,
                        "mem_alloc and mem_free must be given together");
    ctx->desc = d;
#ifndef MEDVOL_NO_THREADS
    if (!d.parallel_for) {
        int n = d.threads ? d.threads : mv__cores();
        if (n > 1) return mv__pool_make(ctx, n);
    }
#endif
    return MEDVOL_OK;
}
MEDVOL_DEF void mv_ctx_free(mv_ctx *ctx) {
    if (!ctx) return;
#ifndef MEDVOL_NO_THREADS
    if (ctx->pool) mv__pool_free(ctx, (mv__pool *)ctx->pool);
#endif
    ctx->pool = NULL;
}
MEDVOL_DEF int mv_threads(const mv_ctx *ctx) {
    if (!ctx) return 1;
    if (ctx->desc.parallel_for) return ctx->desc.threads > 0 ? ctx->desc.threads : 1;
#ifndef MEDVOL_NO_THREADS
    if (ctx->pool) return ((mv__pool *)ctx->pool)->threads;
#endif
    return 1;
}
static int mv__progress(mv_ctx *ctx, size_t done, size_t total, const char *label) { /* non-zero: stop */
    if (!ctx || !ctx->desc.progress || !label) return 0;
    return ctx->desc.progress(ctx->desc.progress_user, (double)done, (double)total, label);
}
static mv_status mv__cancelled(mv_ctx *ctx, const char *label) {
    return mv__fail(ctx, MEDVOL_E_CANCELLED, "progress", 0, -1, "%s: cancelled by the progress callback",
                    label ? label : "jobs");
}
typedef struct mv__slice_arg {
    void (*job)(void *arg, size_t i);
    void *arg;
    size_t first;
} mv__slice_arg;
static void mv__slice_job(void *arg, size_t i) {
    const mv__slice_arg *s = (const mv__slice_arg *)arg;
    s->job(s->arg, s->first + i);
}
#ifndef MEDVOL_NO_THREADS
static mv_status mv__pool_run(mv_ctx *ctx, mv__pool *p, size_t njobs, void (*job)(void *, size_t), void *arg,
                              const char *label) {
    size_t i;
    int k;
    mv__lock(&p->lock);
    p->job = job;
    p->arg = arg;
    p->njobs = njobs;
    p->cancel = 0;
    p->next = 0;
    p->open = 1;
    mv__atomic_set(&p->turn, p->turn + 1);
    mv__unlock(&p->lock);
    mv__wake_all(&p->work);
    while (!mv__atomic_get(&p->cancel) && (i = mv__atomic_add(&p->next, (size_t)1)) < njobs) {
        if (mv__progress(ctx, i, njobs, label)) mv__atomic_set(&p->cancel, 1);
        else job(arg, i);
    }
    mv__lock(&p->lock);
    p->open = 0; /* who has not joined by now is not waited for */
    mv__unlock(&p->lock);
    for (k = 0; k < MV__POOL_SPIN && mv__atomic_get(&p->running) > 0; k++) mv__pause();
    mv__lock(&p->lock);
    while (p->running > 0) mv__wait(&p->done, &p->lock);
    mv__unlock(&p->lock);
    return p->cancel ? mv__cancelled(ctx, label) : MEDVOL_OK;
}
#endif
static mv_status mv__hook_run(mv_ctx *ctx, size_t njobs, void (*job)(void *, size_t), void *arg,
                              const char *label) {
    /* in a few batches, so that progress comes from this thread */
    size_t i, n, step = ctx->desc.progress && label ? mv__divup(njobs, 64) : njobs;
    if (ctx->desc.threads > 0) step = mv__maxz(step, (size_t)ctx->desc.threads);
    for (i = 0; i < njobs; i += n) {
        mv__slice_arg s;
        s.job = job;
        s.arg = arg;
        s.first = i;
        n = mv__minz(step, njobs - i);
        if (mv__progress(ctx, i, njobs, label)) return mv__cancelled(ctx, label);
        ctx->desc.parallel_for(ctx->desc.parallel_user, n, mv__slice_job, &s);
    }
    return MEDVOL_OK;
}
MEDVOL_DEF mv_status mv_parallel_for(mv_ctx *ctx, size_t njobs, void (*job)(void *arg, size_t i), void *arg,
                                     const char *label) {
    size_t i;
    mv_status st = MEDVOL_OK;
    if (!job) return mv__fail_null(ctx, "parallel_for", "job");
    if (!ctx || ctx->busy) { /* serial; or from inside a job, perhaps on another thread */
        for (i = 0; i < njobs; i++) job(arg, i);
        return MEDVOL_OK;
    }
    mv__trace(ctx, 1, label ? label : "jobs", njobs);
    ctx->busy = 1;
    if (ctx->desc.parallel_for && njobs > 1) st = mv__hook_run(ctx, njobs, job, arg, label);
#ifndef MEDVOL_NO_THREADS
    else if (ctx->pool && njobs > 1) st = mv__pool_run(ctx, (mv__pool *)ctx->pool, njobs, job, arg, label);
#endif
    else
        for (i = 0; i < njobs && st == MEDVOL_OK; i++) {
            if (mv__progress(ctx, i, njobs, label)) st = mv__cancelled(ctx, label);
            else job(arg, i);
        }
    ctx->busy = 0;
    if (st == MEDVOL_OK && mv__progress(ctx, njobs, njobs, label)) st = mv__cancelled(ctx, label);
    mv__trace(ctx, 0, label ? label : "jobs", njobs);
    return st;
}

/* ==== [DISPATCH] CPU detection, levels, passes, MV__PICK. Owns mv__cpu_*, mv__level_*. Source: Intel SDM 1,
   ch. 14. ================================================================================================ */
#ifdef MV__X86
/* 512-bit vectors lower the clock of these models for milliseconds */
static int mv__cpu_slow512(const unsigned *leaf1) {
    unsigned a = leaf1[0], family = a >> 8 & 15, model = (a >> 4 & 15) | (a >> 12 & 0xf0);
    /* Skylake-X, Ice, Tiger Lake; list of libdeflate */
    static const unsigned char slow[] = {85, 106, 108, 126, 140, 141};
    unsigned r[4];
    size_t i;
    mv__cpuid(0, r);
    if (r[1] != 0x756e6547u || family != 6) return 0; /* "Genu" */
    for (i = 0; i < sizeof slow; i++)
        if (slow[i] == model) return 1;
    return 0;
}
#endif
static int mv__cpu_best(int *wise) { /* the highest level that runs; *wise: the highest that pays */
    int best = MV__LEVELS > 1 ? 2 : 1;
    *wise = best;
#if defined(MV__X86) && MV__LEVELS > 2
    {
        unsigned r[4], l1[4], b7 = 0, c7 = 0, x = 0;
        const unsigned want1 = 1u << 1 | 1u << 12 | 1u << 23 | 1u << 29; /* PCLMULQDQ, FMA, POPCNT, F16C */
        const unsigned want7 = 1u << 3 | 1u << 5 | 1u << 8;              /* BMI1, AVX2, BMI2 */
        mv__cpuid(0, r);
        if (r[0] >= 7) { mv__cpuid(7, r); b7 = r[1]; c7 = r[2]; }
        (void)c7;
        mv__cpuid(1, l1);
        if (l1[2] & 1u << 27) mv__xcr0(x); /* OSXSAVE: which registers does the system save? */
        mv__cpuid((int)0x80000001u, r);
        if ((l1[2] & want1) == want1 && (b7 & want7) == want7 && (r[2] & 1u << 5) && (x & 0x06) == 0x06)
            best = 3;
        *wise = best;
#  if MV__LEVELS > 3
        /* F DQ CD BW VL and VPCLMULQDQ, which only models lack that are passed over as slow below anyway */
        if (best == 3 && (b7 & 0xD0030000u) == 0xD0030000u && (c7 & 1u << 10) && (x & 0xE6) == 0xE6) {
            best = 4;
            if (!mv__cpu_slow512(l1)) *wise = 4;
        }
#  endif
    }
#endif
    return best;
}
static int mv__level_word; /* 0: not chosen yet; racing first calls write the same value */
static int mv__cpu_word;   /* 0: not asked yet; virtual machines take microseconds to answer CPUID */
MEDVOL_DEF int mv_level_force(int level) {
    int known = mv__atomic_get(&mv__cpu_word), wise, best;
    if (known == 0) {
        best = mv__cpu_best(&wise);
        known = best + 8 * wise;
        mv__atomic_set(&mv__cpu_word, known);
    }
    wise = known / 8;
    best = known % 8;
    if (level < 1) level = wise;
    if (level > best) level = best;
    mv__atomic_set(&mv__level_word, level);
    return level;
}
MEDVOL_DEF int mv_level(void) {
    int v = mv__atomic_get(&mv__level_word);
#ifndef MEDVOL_NO_GETENV
    if (v == 0) {
        const char *e = getenv("MEDVOL_LEVEL");
        v = mv_level_force(e && e[0] >= '1' && e[0] <= '4' && !e[1] ? e[0] - '0' : 0);
    }
#endif
    return v ? v : mv_level_force(0);
}
MEDVOL_DEF const char *mv_level_name(int level) {
#ifdef MV__NEON
    static const char *const name[] = {"?", "scalar", "neon", "?", "?"};
#else
    static const char *const name[] = {"?", "scalar", "sse2", "avx2", "avx512"};
#endif
    return name[level >= 1 && level <= 4 ? level : 0];
}
#ifdef MV__X86
static inline void mv__four_turn(__m128 *r) {
    __m128 a = _mm_unpacklo_ps(r[0], r[1]), b = _mm_unpackhi_ps(r[0], r[1]);
    __m128 c = _mm_unpacklo_ps(r[2], r[3]), d = _mm_unpackhi_ps(r[2], r[3]);
    r[0] = _mm_movelh_ps(a, c);
    r[1] = _mm_movehl_ps(c, a);
    r[2] = _mm_movelh_ps(b, d);
    r[3] = _mm_movehl_ps(d, b);
}
#endif
#define MV__PASS 1
#include MEDVOL_SELF
#if MV__LEVELS > 1
#  define MV__PASS 2
#  include MEDVOL_SELF
#  define MV__IF2(k) mv_level() == 2 ? k##_v128 :
#else
#  define MV__IF2(k)
#endif
#if MV__LEVELS > 2
#  define MV__PASS 3
#  include MEDVOL_SELF
#  define MV__IF3(k) mv_level() == 3 ? k##_avx2 :
#else
#  define MV__IF3(k)
#endif
#if MV__LEVELS > 3
#  define MV__PASS 4
#  include MEDVOL_SELF
#  define MV__IF4(k) mv_level() == 4 ? k##_avx512 :
#else
#  define MV__IF4(k)
#endif
/* no table to edit when a kernel is added */
#define MV__PICK(k) (MV__IF4(k) MV__IF3(k) MV__IF2(k) k##_scalar)
#else
/* ==== [PASS] the vocabulary of one level. Owns mvf_ (float), mvd_ (double), mvi_ (int32), mvm_ (mask of
   float lanes). ==========================================================================================
   MVF_N floats or int32 a vector, MVD_N doubles (half as many; at the scalar level one of each). Loads and
   stores are unaligned except mvf_stream. min(a, b) is a < b ? a : b, max(a, b) is a > b ? a : b: b when
   either is NaN.
   mvd_pow2: 2^k of whole k in -1022..1023.
   mvd_lo, mvd_hi: lower and upper half of a float vector as double; mvf_narrow(lo, hi) puts two back. At the
   scalar level both halves are the one value. mvf_loadn, mvf_storen take the first n < MVF_N lanes only (the
   rest reads 0).
   mvf_perm: lane k is a[i[k]]; mvf_perm2: from the 2 * MVF_N lanes of a, b; mvf_gather2: *x = p[i], *y = p[i
   + 1]. mv4: four floats at every level, mv4_transpose of four of them.
   mvf_split, mvd_split: real and imaginary parts of the complex numbers in two vectors, in an order of lanes
   that mvf_weave, mvd_weave turn back: number k of n goes to lane k % (n / 2) / 2 * 4 + k / (n / 2) * 2 + k %
   2 of floats, k % (n / 2) * 2 + k / (n / 2) of doubles.
   mvi_pack_i16, _u16 (a, b), mvi_pack_i8, _u8 (a, b, c, d): saturated, in order, as one vector; not at the
   scalar level.
   mvi_dot_i16: sums of two products of int16 each; mvi_min_u8, _i16, mvi_max_u8, _i16: of the narrow values
   within; not at the scalar level.
   mvi_trunc, mvi_round: outside int32 and for NaN the least int32, but NEON saturates and gives 0: kernels
   clamp first. MEDVOL_EXTRA "file.h" names a file of kernels that is read at the end of each pass: a
   program's own, or a test's. */
#if MV__PASS == 1
#  define MV__SFX _scalar
#  define MVF_N 1
#  define mvf float
#  define mvd double
#  define mvi int32_t
#  define mvm int
#  define mvdm int
#  define mv_end() ((void)0)
#  define mv_fence() ((void)0)
#  define mv_prefetch(p) ((void)(p))
#  define mv_prefetch2(p) ((void)(p))
#  define mvf_load(p) (*(p))
#  define mvf_store(p, a) (*(p) = (a))
#  define mvf_stream(p, a) (*(p) = (a))
#  define mvf_loadn(p, n) ((n) ? *(p) : 0.0f)
#  define mvf_storen(p, a, n) ((void)((n) ? (void)(*(p) = (a)) : (void)0))
#  define mvf_set1(s) ((float)(s))
#  define mvf_zero() 0.0f
#  define mvf_add(a, b) ((a) + (b))
#  define mvf_sub(a, b) ((a) - (b))
#  define mvf_mul(a, b) ((a) * (b))
#  define mvf_div(a, b) mv__f_div(a, b)
#  define mvf_min(a, b) ((a) < (b) ? (a) : (b))
#  define mvf_max(a, b) ((a) > (b) ? (a) : (b))
#  define mvf_mad(a, b, c) ((a) * (b) + (c))
#  define mvf_nmad(a, b, c) ((c) - (a) * (b))
#  define mvf_sqrt(a) sqrtf(a)
#  define mvf_abs(a) fabsf(a)
#  define mvf_neg(a) (-(a))
#  define mvf_floor(a) floorf(a)
#  define mvf_round(a) mv__rintf(a)
#  define mvf_lt(a, b) ((a) < (b))
#  define mvf_le(a, b) ((a) <= (b))
#  define mvf_gt(a, b) ((a) > (b))
#  define mvf_ge(a, b) ((a) >= (b))
#  define mvf_eq(a, b) ((a) == (b))
#  define mvf_isnan(a) ((a) != (a))
#  define mvf_sel(m, a, b) ((m) ? (a) : (b))
#  define mvf_rev(a) (a)
#  define mvf_gather(p, i) ((p)[i])
#  define mvf_gather2(p, i, x, y) ((void)(*(x) = (p)[i], *(y) = (p)[(i) + 1]))
#  define mvf_perm(a, i) ((void)(i), (a))
#  define mvf_perm2(a, b, i) ((i) ? (b) : (a))
#  define mv4 mv__four
#  define mv4_load(p) mv__four_load(p)
#  define mv4_store(p, a) mv__four_store(p, a)
#  define mv4_set1(s) mv__four_set1(s)
#  define mv4_mul(a, b) mv__four_mul(a, b)
#  define mv4_mad(a, b, c) mv__four_mad(a, b, c)
#  define mv4_transpose(r) mv__four_transpose(r)
/* as the vector units do: modulo 2^32, and a quotient by zero is infinite or NaN */
MV__WRAPS static inline int32_t mv__i_add(int32_t a, int32_t b) {
    return (int32_t)((uint32_t)a + (uint32_t)b);
}
MV__WRAPS static inline int32_t mv__i_sub(int32_t a, int32_t b) {
    return (int32_t)((uint32_t)a - (uint32_t)b);
}
MV__WRAPS static inline int32_t mv__i_mul(int32_t a, int32_t b) {
    return (int32_t)((uint32_t)a * (uint32_t)b);
}
MV__WRAPS static inline int32_t mv__i_sll(int32_t a, int n) { return (int32_t)((uint32_t)a << n); }
MV__WRAPS static inline float mv__f_div(float a, float b) { return a / b; }
MV__WRAPS static inline double mv__d_div(double a, double b) { return a / b; }
static inline double mv__d_pow2(double k) {
    const uint64_t b = (uint64_t)((int64_t)k + 1023) << 52;
    double r;
    mv__memcpy(&r, &b, sizeof r);
    return r;
}
#define MV__POW2 6755399441056767.0 /* 1.5 * 2^52 + 1023: added to k it leaves k + 1023 in the low bits */
typedef struct mv__four {
    float f[4];
} mv__four;
static inline mv__four mv__four_load(const float *p) {
    mv__four r;
    mv__memcpy(r.f, p, sizeof r.f);
    return r;
}
static inline void mv__four_store(float *p, mv__four a) { mv__memcpy(p, a.f, sizeof a.f); }
static inline mv__four mv__four_set1(float s) {
    mv__four r;
    r.f[0] = r.f[1] = r.f[2] = r.f[3] = s;
    return r;
}
static inline mv__four mv__four_mul(mv__four a, mv__four b) {
    int k;
    for (k = 0; k < 4; k++) a.f[k] *= b.f[k];
    return a;
}
static inline mv__four mv__four_mad(mv__four a, mv__four b, mv__four c) {
    int k;
    for (k = 0; k < 4; k++) c.f[k] = a.f[k] * b.f[k] + c.f[k];
    return c;
}
static inline void mv__four_transpose(mv__four *r) {
    int i, j;
    for (i = 0; i < 4; i++)
        for (j = 0; j < i; j++) {
            float t = r[i].f[j];
            r[i].f[j] = r[j].f[i];
            r[j].f[i] = t;
        }
}
#  define mvf_fromi(a) ((float)(a))
#  define mvf_bits(a) ((int32_t)mv__f32_bits(a))
#  define mvi_asf(a) mv__bits_f32((uint32_t)(a))
#  define mvm_and(a, b) ((a) & (b))
#  define mvm_or(a, b) ((a) | (b))
#  define mvm_not(a) (!(a))
#  define mvm_bits(m) ((unsigned)(m))
#  define mvi_load(p) (*(p))
#  define mvi_store(p, a) (*(p) = (a))
#  define mvi_stream(p, a) (*(p) = (a))
#  define mvi_set1(s) ((int32_t)(s))
#  define mvi_iota() 0
#  define mvi_add(a, b) mv__i_add(a, b)
#  define mvi_sub(a, b) mv__i_sub(a, b)
#  define mvi_mul(a, b) mv__i_mul(a, b)
#  define mvi_min(a, b) ((a) < (b) ? (a) : (b))
#  define mvi_max(a, b) ((a) > (b) ? (a) : (b))
#  define mvi_and(a, b) ((a) & (b))
#  define mvi_or(a, b) ((a) | (b))
#  define mvi_xor(a, b) ((a) ^ (b))
#  define mvi_sll(a, n) mv__i_sll(a, n)
#  define mvi_srl(a, n) ((int32_t)((uint32_t)(a) >> (n)))
#  define mvi_sra(a, n) ((a) >> (n))
#  define mvi_eq(a, b) ((a) == (b))
#  define mvi_gt(a, b) ((a) > (b))
#  define mvi_sel(m, a, b) ((m) ? (a) : (b))
#  define mvi_trunc(a) mv__truncf(a)
#  define mvi_round(a) mv__truncf(mv__rintf(a))
#  define mvi_load_u8(p) ((int32_t)*(p))
#  define mvi_load_i8(p) ((int32_t)*(p))
#  define mvi_load_u16(p) ((int32_t)*(p))
#  define mvi_load_i16(p) ((int32_t)*(p))
#  define mvi_store_u8(p, a) (*(p) = (uint8_t)((a) < 0 ? 0 : (a) > 255 ? 255 : (a)))
#  define mvi_store_i8(p, a) (*(p) = (int8_t)((a) < -128 ? -128 : (a) > 127 ? 127 : (a)))
#  define mvi_store_u16(p, a) (*(p) = (uint16_t)((a) < 0 ? 0 : (a) > 65535 ? 65535 : (a)))
#  define mvi_store_i16(p, a) (*(p) = (int16_t)((a) < -32768 ? -32768 : (a) > 32767 ? 32767 : (a)))
#  define mvf_load_f16(p) mv__f16_to_f32(*(p))
#  define mvf_load_bf16(p) mv__bf16_to_f32(*(p))
#  define mvf_store_f16(p, a) (*(p) = mv__f32_to_f16(a))
#  define mvf_store_bf16(p, a) (*(p) = mv__f32_to_bf16(a))
#  define mvf_transpose(r) ((void)(r))
#  define mvf_split(a, b, re, im) ((void)(*(re) = (a), *(im) = (b)))
#  define mvf_weave(re, im, a, b) ((void)(*(a) = (re), *(b) = (im)))
#  define mvd_split mvf_split
#  define mvd_weave mvf_weave
#  define mvd_load(p) (*(p))
#  define mvd_store(p, a) (*(p) = (a))
#  define mvd_stream(p, a) (*(p) = (a))
#  define mvd_rev(a) (a)
#  define mvd_transpose(r) ((void)(r))
#  define mvd_widen(p) ((double)*(p))
#  define mvd_set1(s) ((double)(s))
#  define mvd_zero() 0.0
#  define mvd_add(a, b) ((a) + (b))
#  define mvd_sub(a, b) ((a) - (b))
#  define mvd_mul(a, b) ((a) * (b))
#  define mvd_div(a, b) mv__d_div(a, b)
#  define mvd_mad(a, b, c) ((a) * (b) + (c))
#  define mvd_nmad(a, b, c) ((c) - (a) * (b))
#  define mvd_min(a, b) ((a) < (b) ? (a) : (b))
#  define mvd_max(a, b) ((a) > (b) ? (a) : (b))
#  define mvd_sqrt(a) sqrt(a)
#  define mvd_round(a) mv__rint(a)
#  define mvd_pow2(k) mv__d_pow2(k)
#  define mvd_lt(a, b) ((a) < (b))
#  define mvd_eq(a, b) ((a) == (b))
#  define mvd_isnan(a) ((a) != (a))
#  define mvd_sel(m, a, b) ((m) ? (a) : (b))
#  define mvd_lo(a) ((double)(a))
#  define mvd_hi(a) ((double)(a))
#  define mvf_narrow(lo, hi) ((void)(hi), (float)(lo))
#  define mvd_lo_i(a) ((double)(a))
#  define mvd_hi_i(a) ((double)(a))
#  define mvi_narrow(lo, hi) ((void)(hi), (int32_t)(lo)) /* whole numbers within int32 */

#elif defined(MV__NEON)
#  define MV__SFX _v128
#  define MVF_N 4
#  define mvf float32x4_t
#  define mvd float64x2_t
#  define mvi int32x4_t
#  define mvm uint32x4_t
#  define mvdm uint64x2_t
#  define mv_end() ((void)0)
#  define mv_fence() ((void)0)
#  define mv_prefetch(p) ((void)(p))
#  define mv_prefetch2(p) ((void)(p))
#  define mvf_load(p) vld1q_f32(p)
#  define mvf_store(p, a) vst1q_f32(p, a)
#  define mvf_stream(p, a) vst1q_f32(p, a)
#  define mvf_set1(s) vdupq_n_f32((float)(s))
#  define mvf_zero() vdupq_n_f32(0.0f)
#  define mvf_add(a, b) vaddq_f32(a, b)
#  define mvf_sub(a, b) vsubq_f32(a, b)
#  define mvf_mul(a, b) vmulq_f32(a, b)
#  define mvf_div(a, b) vdivq_f32(a, b)
#  define mvf_min(a, b) mv__v_minf(a, b)
#  define mvf_max(a, b) mv__v_maxf(a, b)
#  define mvf_mad(a, b, c) vaddq_f32(vmulq_f32(a, b), c)
#  define mvf_nmad(a, b, c) vsubq_f32(c, vmulq_f32(a, b))
#  define mvf_sqrt(a) vsqrtq_f32(a)
#  define mvf_abs(a) vabsq_f32(a)
#  define mvf_neg(a) vnegq_f32(a)
#  define mvf_floor(a) vrndmq_f32(a)
#  define mvf_round(a) vrndnq_f32(a)
#  define mvf_lt(a, b) vcltq_f32(a, b)
#  define mvf_le(a, b) vcleq_f32(a, b)
#  define mvf_gt(a, b) vcgtq_f32(a, b)
#  define mvf_ge(a, b) vcgeq_f32(a, b)
#  define mvf_eq(a, b) vceqq_f32(a, b)
#  define mvf_isnan(a) mv__v_isnan(a)
#  define mvf_sel(m, a, b) vbslq_f32(m, a, b)
#  define mvf_rev(a) mv__v_rev(a)
#  define mvf_gather(p, i) mv__v_gather(p, i)
#  define mv4 float32x4_t
#  define mv4_load(p) vld1q_f32(p)
#  define mv4_store(p, a) vst1q_f32(p, a)
#  define mv4_set1(s) vdupq_n_f32((float)(s))
#  define mv4_mul(a, b) vmulq_f32(a, b)
#  define mv4_mad(a, b, c) vaddq_f32(vmulq_f32(a, b), c)
#  define mv4_transpose(r) mv__v_transpose(r)
#  define mvf_fromi(a) vcvtq_f32_s32(a)
#  define mvf_bits(a) vreinterpretq_s32_f32(a)
#  define mvi_asf(a) vreinterpretq_f32_s32(a)
#  define mvm_and(a, b) vandq_u32(a, b)
#  define mvm_or(a, b) vorrq_u32(a, b)
#  define mvm_not(a) vmvnq_u32(a)
#  define mvm_bits(m) mv__v_bits(m)
#  define mvi_load(p) vld1q_s32(p)
#  define mvi_store(p, a) vst1q_s32(p, a)
#  define mvi_stream(p, a) vst1q_s32(p, a)
#  define mvi_set1(s) vdupq_n_s32((int32_t)(s))
#  define mvi_iota() mv__v_iota()
#  define mvi_add(a, b) vaddq_s32(a, b)
#  define mvi_sub(a, b) vsubq_s32(a, b)
#  define mvi_mul(a, b) vmulq_s32(a, b)
#  define mvi_min(a, b) vminq_s32(a, b)
#  define mvi_max(a, b) vmaxq_s32(a, b)
#  define mvi_and(a, b) vandq_s32(a, b)
#  define mvi_or(a, b) vorrq_s32(a, b)
#  define mvi_xor(a, b) veorq_s32(a, b)
#  define mvi_sll(a, n) vshlq_s32(a, vdupq_n_s32(n))
#  define mvi_srl(a, n) vreinterpretq_s32_u32(vshlq_u32(vreinterpretq_u32_s32(a), vdupq_n_s32(-(n))))
#  define mvi_sra(a, n) vshlq_s32(a, vdupq_n_s32(-(n)))
#  define mvi_eq(a, b) vceqq_s32(a, b)
#  define mvi_gt(a, b) vcgtq_s32(a, b)
#  define mvi_sel(m, a, b) vbslq_s32(m, a, b)
#  define mvi_trunc(a) vcvtq_s32_f32(a)
#  define mvi_round(a) vcvtnq_s32_f32(a)
#  define mvd_load(p) vld1q_f64(p)
#  define mvd_store(p, a) vst1q_f64(p, a)
#  define mvd_stream(p, a) vst1q_f64(p, a)
#  define mvd_rev(a) vextq_f64(a, a, 1)
#  define mvd_transpose(r) mv__v_transposed(r)
#  define mvd_widen(p) vcvt_f64_f32(vld1_f32(p))
#  define mvd_set1(s) vdupq_n_f64((double)(s))
#  define mvd_zero() vdupq_n_f64(0.0)
#  define mvd_add(a, b) vaddq_f64(a, b)
#  define mvd_sub(a, b) vsubq_f64(a, b)
#  define mvd_mul(a, b) vmulq_f64(a, b)
#  define mvd_div(a, b) vdivq_f64(a, b)
#  define mvd_mad(a, b, c) vaddq_f64(vmulq_f64(a, b), c)
#  define mvd_nmad(a, b, c) vsubq_f64(c, vmulq_f64(a, b))
#  define mvf_split(a, b, re, im) ((void)(*(re) = vuzp1q_f32(a, b), *(im) = vuzp2q_f32(a, b)))
#  define mvf_weave(re, im, a, b) ((void)(*(a) = vzip1q_f32(re, im), *(b) = vzip2q_f32(re, im)))
#  define mvd_split(a, b, re, im) ((void)(*(re) = vzip1q_f64(a, b), *(im) = vzip2q_f64(a, b)))
#  define mvd_weave mvd_split
#  define mvd_min(a, b) mv__v_mind(a, b)
#  define mvd_max(a, b) mv__v_maxd(a, b)
#  define mvd_sqrt(a) vsqrtq_f64(a)
#  define mvd_round(a) vrndnq_f64(a)
#  define mvd_pow2(k) \
      vreinterpretq_f64_s64(vshlq_n_s64(vaddq_s64(vcvtq_s64_f64(k), vdupq_n_s64(1023)), 52))
#  define mvd_lt(a, b) vcltq_f64(a, b)
#  define mvd_eq(a, b) vceqq_f64(a, b)
#  define mvd_isnan(a) mv__v_isnand(a)
#  define mvd_sel(m, a, b) vbslq_f64(m, a, b)
#  define mvd_lo(a) vcvt_f64_f32(vget_low_f32(a))
#  define mvd_hi(a) vcvt_high_f64_f32(a)
#  define mvf_narrow(lo, hi) vcvt_high_f32_f64(vcvt_f32_f64(lo), hi)
#  define mvd_lo_i(a) vcvtq_f64_s64(vmovl_s32(vget_low_s32(a)))
#  define mvd_hi_i(a) vcvtq_f64_s64(vmovl_high_s32(a))
#  define mvi_narrow(lo, hi) vmovn_high_s64(vmovn_s64(vcvtq_s64_f64(lo)), vcvtq_s64_f64(hi))
#  define mvi_load_u8(p) mv__v_load_u8(p)
#  define mvi_load_i8(p) mv__v_load_i8(p)
#  define mvi_load_u16(p) vreinterpretq_s32_u32(vmovl_u16(vld1_u16(p)))
#  define mvi_load_i16(p) vmovl_s16(vld1_s16(p))
#  define mvi_store_u8(p, a) mv__v_store_u8(p, a)
#  define mvi_store_i8(p, a) mv__v_store_i8(p, a)
#  define mvi_store_u16(p, a) vst1_u16(p, vqmovun_s32(a))
#  define mvi_store_i16(p, a) vst1_s16(p, vqmovn_s32(a))
#  define mvi_pack_u16(a, b) vreinterpretq_s32_u16(vcombine_u16(vqmovun_s32(a), vqmovun_s32(b)))
#  define mvi_dot_i16(a, b) mv__v_dot_i16(vreinterpretq_s16_s32(a), vreinterpretq_s16_s32(b))
#  define mvi_min_u8(a, b) \
      vreinterpretq_s32_u8(vminq_u8(vreinterpretq_u8_s32(a), vreinterpretq_u8_s32(b)))
#  define mvi_max_u8(a, b) \
      vreinterpretq_s32_u8(vmaxq_u8(vreinterpretq_u8_s32(a), vreinterpretq_u8_s32(b)))
#  define mvi_min_i16(a, b) \
      vreinterpretq_s32_s16(vminq_s16(vreinterpretq_s16_s32(a), vreinterpretq_s16_s32(b)))
#  define mvi_max_i16(a, b) \
      vreinterpretq_s32_s16(vmaxq_s16(vreinterpretq_s16_s32(a), vreinterpretq_s16_s32(b)))
#  define mvi_pack_i16(a, b) vreinterpretq_s32_s16(vcombine_s16(vqmovn_s32(a), vqmovn_s32(b)))
#  define mvi_pack_u8(a, b, c, d) mv__v_pack_u8(a, b, c, d)
#  define mvi_pack_i8(a, b, c, d) mv__v_pack_i8(a, b, c, d)
#  define mvf_load_f16(p) vcvt_f32_f16(vreinterpret_f16_u16(vld1_u16(p)))
#  define mvf_store_f16(p, a) vst1_u16(p, vreinterpret_u16_f16(vcvt_f16_f32(a)))
static inline mvf mv__v_minf(mvf a, mvf b) { return vbslq_f32(vcltq_f32(a, b), a, b); }
static inline mvf mv__v_maxf(mvf a, mvf b) { return vbslq_f32(vcgtq_f32(a, b), a, b); }
static inline mvd mv__v_mind(mvd a, mvd b) { return vbslq_f64(vcltq_f64(a, b), a, b); }
static inline mvd mv__v_maxd(mvd a, mvd b) { return vbslq_f64(vcgtq_f64(a, b), a, b); }
static inline mvm mv__v_isnan(mvf a) { return vmvnq_u32(vceqq_f32(a, a)); }
static inline mvdm mv__v_isnand(mvd a) {
    return vreinterpretq_u64_u32(vmvnq_u32(vreinterpretq_u32_u64(vceqq_f64(a, a))));
}
static inline mvf mv__v_rev(mvf a) { a = vrev64q_f32(a); return vextq_f32(a, a, 2); }
static inline mvf mv__v_gather(const float *p, mvi i) {
    float r[4];
    int32_t k[4];
    vst1q_s32(k, i);
    r[0] = p[k[0]]; r[1] = p[k[1]]; r[2] = p[k[2]]; r[3] = p[k[3]];
    return vld1q_f32(r);
}
static inline unsigned mv__v_bits(mvm m) {
    static const uint32_t w[4] = {1, 2, 4, 8};
    return vaddvq_u32(vandq_u32(m, vld1q_u32(w)));
}
static inline mvi mv__v_iota(void) {
    static const int32_t w[4] = {0, 1, 2, 3};
    return vld1q_s32(w);
}
static inline mvi mv__v_load_u8(const uint8_t *p) {
    uint32_t w;
    mv__memcpy(&w, p, 4);
    return vreinterpretq_s32_u32(vmovl_u16(vget_low_u16(vmovl_u8(vcreate_u8(w)))));
}
static inline mvi mv__v_load_i8(const int8_t *p) {
    uint32_t w;
    mv__memcpy(&w, p, 4);
    return vmovl_s16(vget_low_s16(vmovl_s8(vcreate_s8(w))));
}
static inline mvi mv__v_dot_i16(int16x8_t a, int16x8_t b) {
    return vpaddq_s32(vmull_s16(vget_low_s16(a), vget_low_s16(b)), vmull_high_s16(a, b));
}
static inline mvi mv__v_pack_u8(mvi a, mvi b, mvi c, mvi d) {
    uint16x8_t lo = vcombine_u16(vqmovun_s32(a), vqmovun_s32(b));
    uint16x8_t hi = vcombine_u16(vqmovun_s32(c), vqmovun_s32(d));
    return vreinterpretq_s32_u8(vcombine_u8(vqmovn_u16(lo), vqmovn_u16(hi)));
}
static inline mvi mv__v_pack_i8(mvi a, mvi b, mvi c, mvi d) {
    int16x8_t lo = vcombine_s16(vqmovn_s32(a), vqmovn_s32(b));
    int16x8_t hi = vcombine_s16(vqmovn_s32(c), vqmovn_s32(d));
    return vreinterpretq_s32_s8(vcombine_s8(vqmovn_s16(lo), vqmovn_s16(hi)));
}
static inline void mv__v_store_u8(uint8_t *p, mvi a) {
    uint16x4_t h = vqmovun_s32(a);
    uint32_t w = vget_lane_u32(vreinterpret_u32_u8(vqmovn_u16(vcombine_u16(h, h))), 0);
    mv__memcpy(p, &w, 4);
}
static inline void mv__v_store_i8(int8_t *p, mvi a) {
    int16x4_t h = vqmovn_s32(a);
    uint32_t w = vget_lane_u32(vreinterpret_u32_s8(vqmovn_s16(vcombine_s16(h, h))), 0);
    mv__memcpy(p, &w, 4);
}
#  define mvf_transpose(r) mv__v_transpose(r)
MV__INLINE void mv__v_transpose(mvf *r) {
    float32x4x2_t a = vtrnq_f32(r[0], r[1]), b = vtrnq_f32(r[2], r[3]);
    r[0] = vcombine_f32(vget_low_f32(a.val[0]), vget_low_f32(b.val[0]));
    r[1] = vcombine_f32(vget_low_f32(a.val[1]), vget_low_f32(b.val[1]));
    r[2] = vcombine_f32(vget_high_f32(a.val[0]), vget_high_f32(b.val[0]));
    r[3] = vcombine_f32(vget_high_f32(a.val[1]), vget_high_f32(b.val[1]));
}
MV__INLINE void mv__v_transposed(mvd *r) {
    mvd a = r[0];
    r[0] = vzip1q_f64(a, r[1]);
    r[1] = vzip2q_f64(a, r[1]);
}

#else /* one block for the three x86 levels: most intrinsics differ in their prefix only */
#  if MV__PASS == 2
#    define MV__SFX _v128
#    define MVF_N 4
#    define mvf __m128
#    define mvd __m128d
#    define mvi __m128i
#    define mvm __m128
#    define mvdm __m128d
#    define MV__I(op) _mm_##op
#    define MV__S(op) _mm_##op##_si128
#    define mv_end() ((void)0)
#  elif MV__PASS == 3
MV__TARGET("avx2,fma,f16c,bmi,bmi2,lzcnt,popcnt,pclmul")
#    define MV__SFX _avx2
#    define MVF_N 8
#    define mvf __m256
#    define mvd __m256d
#    define mvi __m256i
#    define mvm __m256
#    define mvdm __m256d
#    define MV__I(op) _mm256_##op
#    define MV__S(op) _mm256_##op##_si256
#    define mv_end() _mm256_zeroupper()
#  else
MV__TARGET(
    "avx512f,avx512dq,avx512bw,avx512vl,avx512cd,vpclmulqdq,avx2,fma,f16c,bmi,bmi2,lzcnt,popcnt,pclmul")
#    define MV__SFX _avx512
#    define MVF_N 16
#    define mvf __m512
#    define mvd __m512d
#    define mvi __m512i
#    define mvm __mmask16
#    define mvdm __mmask8
#    define MV__I(op) _mm512_##op
#    define MV__S(op) _mm512_##op##_si512
#    define mv_end() _mm256_zeroupper()
#  endif
#  define mv_fence() _mm_sfence()
#  define mv_prefetch(p) _mm_prefetch((const char *)(p), _MM_HINT_T0)
#  define mv_prefetch2(p) _mm_prefetch((const char *)(p), _MM_HINT_T1)
#  define mv4 __m128
#  define mv4_load(p) _mm_loadu_ps(p)
#  define mv4_store(p, a) _mm_storeu_ps(p, a)
#  define mv4_set1(s) _mm_set1_ps(s)
#  define mv4_mul(a, b) _mm_mul_ps(a, b)
#  define mv4_transpose(r) mv__four_turn(r)
#  define mvf_load(p) MV__I(loadu_ps)(p)
#  define mvf_store(p, a) MV__I(storeu_ps)(p, a)
#  define mvf_stream(p, a) MV__I(stream_ps)(p, a)
#  define mvf_set1(s) MV__I(set1_ps)((float)(s))
#  define mvf_zero() MV__I(setzero_ps)()
#  define mvf_add(a, b) MV__I(add_ps)(a, b)
#  define mvf_sub(a, b) MV__I(sub_ps)(a, b)
#  define mvf_mul(a, b) MV__I(mul_ps)(a, b)
#  define mvf_div(a, b) MV__I(div_ps)(a, b)
#  define mvf_min(a, b) MV__I(min_ps)(a, b)
#  define mvf_max(a, b) MV__I(max_ps)(a, b)
#  define mvf_sqrt(a) MV__I(sqrt_ps)(a)
#  define mvf_abs(a) mvi_asf(mvi_and(mvf_bits(a), mvi_set1(0x7fffffff)))
#  define mvf_neg(a) mvi_asf(mvi_xor(mvf_bits(a), mvi_set1(-0x7fffffff - 1)))
#  define mvf_fromi(a) MV__I(cvtepi32_ps)(a)
#  define mvi_load(p) MV__S(loadu)((const mvi *)(const void *)(p))
#  define mvi_store(p, a) MV__S(storeu)((mvi *)(void *)(p), a)
#  define mvi_stream(p, a) MV__S(stream)((mvi *)(void *)(p), a)
#  define mvi_set1(s) MV__I(set1_epi32)((int)(s))
#  define mvi_add(a, b) MV__I(add_epi32)(a, b)
#  define mvi_sub(a, b) MV__I(sub_epi32)(a, b)
#  define mvi_and(a, b) MV__S(and)(a, b)
#  define mvi_or(a, b) MV__S(or)(a, b)
#  define mvi_xor(a, b) MV__S(xor)(a, b)
#  define mvi_sll(a, n) MV__I(slli_epi32)(a, n)
#  define mvi_srl(a, n) MV__I(srli_epi32)(a, n)
#  define mvi_sra(a, n) MV__I(srai_epi32)(a, n)
#  define mvi_dot_i16(a, b) MV__I(madd_epi16)(a, b)
#  define mvi_min_u8(a, b) MV__I(min_epu8)(a, b)
#  define mvi_max_u8(a, b) MV__I(max_epu8)(a, b)
#  define mvi_min_i16(a, b) MV__I(min_epi16)(a, b)
#  define mvi_max_i16(a, b) MV__I(max_epi16)(a, b)
#  define mvi_trunc(a) MV__I(cvttps_epi32)(a)
#  define mvi_round(a) MV__I(cvtps_epi32)(a)
#  define mvd_load(p) MV__I(loadu_pd)(p)
#  define mvd_store(p, a) MV__I(storeu_pd)(p, a)
#  define mvd_stream(p, a) MV__I(stream_pd)(p, a)
#  define mvd_set1(s) MV__I(set1_pd)((double)(s))
#  define mvd_zero() MV__I(setzero_pd)()
#  define mvd_add(a, b) MV__I(add_pd)(a, b)
#  define mvd_sub(a, b) MV__I(sub_pd)(a, b)
#  define mvd_mul(a, b) MV__I(mul_pd)(a, b)
#  define mvd_div(a, b) MV__I(div_pd)(a, b)
#  define mvf_split(a, b, re, im) \
      ((void)(*(re) = MV__I(shuffle_ps)(a, b, 0x88), *(im) = MV__I(shuffle_ps)(a, b, 0xdd)))
#  define mvf_weave(re, im, a, b) \
      ((void)(*(a) = MV__I(unpacklo_ps)(re, im), *(b) = MV__I(unpackhi_ps)(re, im)))
#  define mvd_split(a, b, re, im) \
      ((void)(*(re) = MV__I(unpacklo_pd)(a, b), *(im) = MV__I(unpackhi_pd)(a, b)))
#  define mvd_weave mvd_split
#  define mvd_min(a, b) MV__I(min_pd)(a, b)
#  define mvd_max(a, b) MV__I(max_pd)(a, b)
#  define mvd_sqrt(a) MV__I(sqrt_pd)(a)
#  if MV__PASS == 2
#    define mvf_bits(a) _mm_castps_si128(a)
#    define mvi_asf(a) _mm_castsi128_ps(a)
#    define mvf_mad(a, b, c) _mm_add_ps(_mm_mul_ps(a, b), c)
#    define mv4_mad(a, b, c) _mm_add_ps(_mm_mul_ps(a, b), c)
#    define mvf_nmad(a, b, c) _mm_sub_ps(c, _mm_mul_ps(a, b))
#    define mvd_mad(a, b, c) _mm_add_pd(_mm_mul_pd(a, b), c)
#    define mvd_nmad(a, b, c) _mm_sub_pd(c, _mm_mul_pd(a, b))
#    define mvf_lt(a, b) _mm_cmplt_ps(a, b)
#    define mvf_le(a, b) _mm_cmple_ps(a, b)
#    define mvf_gt(a, b) _mm_cmpgt_ps(a, b)
#    define mvf_ge(a, b) _mm_cmpge_ps(a, b)
#    define mvf_eq(a, b) _mm_cmpeq_ps(a, b)
#    define mvf_isnan(a) _mm_cmpunord_ps(a, a)
#    define mvf_sel(m, a, b) _mm_or_ps(_mm_and_ps(m, a), _mm_andnot_ps(m, b))
#    define mvf_rev(a) _mm_shuffle_ps(a, a, 0x1b)
#    define mvm_and(a, b) _mm_and_ps(a, b)
#    define mvm_or(a, b) _mm_or_ps(a, b)
#    define mvm_not(a) _mm_xor_ps(a, _mm_castsi128_ps(_mm_set1_epi32(-1)))
#    define mvm_bits(m) ((unsigned)_mm_movemask_ps(m))
#    define mvi_iota() _mm_setr_epi32(0, 1, 2, 3)
#    define mvi_eq(a, b) _mm_castsi128_ps(_mm_cmpeq_epi32(a, b))
#    define mvi_gt(a, b) _mm_castsi128_ps(_mm_cmpgt_epi32(a, b))
#    define mvi_sel(m, a, b) _mm_castps_si128(mvf_sel(m, _mm_castsi128_ps(a), _mm_castsi128_ps(b)))
#    define mvi_min(a, b) mvi_sel(mvi_gt(a, b), b, a)
#    define mvi_max(a, b) mvi_sel(mvi_gt(a, b), a, b)
#    define mvi_mul(a, b) mv__v_mul(a, b)
#    define mvf_floor(a) mv__v_floor(a)
#    define mvf_round(a) mv__v_round(a)
#    define mvf_gather(p, i) mv__v_gather(p, i)
#    define mvd_widen(p) _mm_set_pd((double)(p)[1], (double)(p)[0])
#    define mvd_lo(a) _mm_cvtps_pd(a)
#    define mvd_hi(a) _mm_cvtps_pd(_mm_movehl_ps(a, a))
#    define mvf_narrow(lo, hi) _mm_movelh_ps(_mm_cvtpd_ps(lo), _mm_cvtpd_ps(hi))
#    define mvd_lo_i(a) _mm_cvtepi32_pd(a)
#    define mvd_hi_i(a) _mm_cvtepi32_pd(_mm_shuffle_epi32(a, 0x4e))
#    define mvi_narrow(lo, hi) _mm_unpacklo_epi64(_mm_cvttpd_epi32(lo), _mm_cvttpd_epi32(hi))
#    define mvd_lt(a, b) _mm_cmplt_pd(a, b)
#    define mvd_eq(a, b) _mm_cmpeq_pd(a, b)
#    define mvd_isnan(a) _mm_cmpunord_pd(a, a)
#    define mvd_sel(m, a, b) _mm_or_pd(_mm_and_pd(m, a), _mm_andnot_pd(m, b))
#    define mvd_round(a) mv__v_roundd(a)
#    define mvd_pow2(k) \
        _mm_castsi128_pd(_mm_slli_epi64(_mm_castpd_si128(_mm_add_pd(k, _mm_set1_pd(MV__POW2))), 52))
#    define mvi_load_u8(p) mv__v_load_u8(p)
#    define mvi_load_i8(p) mv__v_load_i8(p)
#    define mvi_load_u16(p)                                                                                  \
        _mm_unpacklo_epi16(_mm_loadl_epi64((const __m128i *)(const void *)(p)), _mm_setzero_si128())
#    define mvi_load_i16(p) mv__v_load_i16(p)
#    define mvi_store_u8(p, a) mv__v_store_u8(p, a)
#    define mvi_store_i8(p, a) mv__v_store_i8(p, a)
#    define mvi_store_u16(p, a) mv__v_store_u16(p, a)
#    define mvi_store_i16(p, a) _mm_storel_epi64((__m128i *)(void *)(p), _mm_packs_epi32(a, a))
#    define mvi_pack_u16(a, b) mv__v_pack_u16(a, b)
#    define mvi_pack_i16(a, b) _mm_packs_epi32(a, b)
#    define mvi_pack_u8(a, b, c, d) _mm_packus_epi16(_mm_packs_epi32(a, b), _mm_packs_epi32(c, d))
#    define mvi_pack_i8(a, b, c, d) _mm_packs_epi16(_mm_packs_epi32(a, b), _mm_packs_epi32(c, d))
static inline mvi mv__v_mul(mvi a, mvi b) { /* SSE2 multiplies even lanes only */
    __m128i e = _mm_mul_epu32(a, b), o = _mm_mul_epu32(_mm_srli_epi64(a, 32), _mm_srli_epi64(b, 32));
    return _mm_unpacklo_epi32(_mm_shuffle_epi32(e, 0x08), _mm_shuffle_epi32(o, 0x08));
}
/* t with the sign of a where |a| < 2^23, else a (whole, or NaN) */
static inline mvf mv__v_whole(mvf t, mvf a) {
    mvm low = _mm_cmplt_ps(mvf_abs(a), _mm_set1_ps(8388608.0f));
    return mvf_sel(low, _mm_or_ps(t, _mm_and_ps(a, _mm_set1_ps(-0.0f))), a);
}
static inline mvf mv__v_floor(mvf a) {
    mvf t = _mm_cvtepi32_ps(_mm_cvttps_epi32(a));
    t = _mm_sub_ps(t, _mm_and_ps(_mm_cmpgt_ps(t, a), _mm_set1_ps(1.0f)));
    return mv__v_whole(t, a);
}
static inline mvf mv__v_round(mvf a) { return mv__v_whole(_mm_cvtepi32_ps(_mm_cvtps_epi32(a)), a); }
static inline mvd mv__v_roundd(mvd a) { /* adding and taking away 2^52 rounds to nearest even below it */
    const mvd sign = _mm_set1_pd(-0.0), big = _mm_set1_pd(4503599627370496.0);
    mvd mag = _mm_andnot_pd(sign, a), s = _mm_and_pd(sign, a);
    mvd r = _mm_or_pd(_mm_sub_pd(_mm_add_pd(mag, big), big), s);
    mvdm low = _mm_cmplt_pd(mag, big);
    return mvd_sel(low, r, a);
}
static inline mvf mv__v_gather(const float *p, mvi i) {
    int32_t k[4];
    _mm_storeu_si128((__m128i *)(void *)k, i);
    return _mm_setr_ps(p[k[0]], p[k[1]], p[k[2]], p[k[3]]);
}
static inline mvi mv__v_load_u8(const uint8_t *p) {
    int w;
    __m128i z = _mm_setzero_si128();
    mv__memcpy(&w, p, 4);
    return _mm_unpacklo_epi16(_mm_unpacklo_epi8(_mm_cvtsi32_si128(w), z), z);
}
static inline mvi mv__v_load_i8(const int8_t *p) {
    int w;
    __m128i v;
    mv__memcpy(&w, p, 4);
    v = _mm_cvtsi32_si128(w);
    v = _mm_unpacklo_epi8(v, v);
    return _mm_srai_epi32(_mm_unpacklo_epi16(v, v), 24);
}
static inline mvi mv__v_load_i16(const int16_t *p) {
    __m128i v = _mm_loadl_epi64((const __m128i *)(const void *)p);
    return _mm_srai_epi32(_mm_unpacklo_epi16(v, v), 16);
}
static inline void mv__v_store_u8(uint8_t *p, mvi a) {
    __m128i h = _mm_packs_epi32(a, a);
    int w = _mm_cvtsi128_si32(_mm_packus_epi16(h, h));
    mv__memcpy(p, &w, 4);
}
static inline void mv__v_store_i8(int8_t *p, mvi a) {
    __m128i h = _mm_packs_epi32(a, a);
    int w = _mm_cvtsi128_si32(_mm_packs_epi16(h, h));
    mv__memcpy(p, &w, 4);
}
/* no unsigned pack in SSE2: shift non-negative into the signed range */
static inline mvi mv__v_pack_u16(mvi a, mvi b) {
    const __m128i half = _mm_set1_epi32(32768);
    a = _mm_sub_epi32(_mm_andnot_si128(_mm_srai_epi32(a, 31), a), half);
    b = _mm_sub_epi32(_mm_andnot_si128(_mm_srai_epi32(b, 31), b), half);
    return _mm_add_epi16(_mm_packs_epi32(a, b), _mm_set1_epi16(-32768));
}
static inline void mv__v_store_u16(uint16_t *p, mvi a) {
    _mm_storel_epi64((__m128i *)(void *)p, mv__v_pack_u16(a, a));
}
#    define mvf_transpose(r) mv__four_turn(r)
#    define mvd_rev(a) _mm_shuffle_pd(a, a, 1)
#    define mvd_transpose(r) mv__v_transposed(r)
MV__INLINE void mv__v_transposed(mvd *r) {
    mvd a = r[0];
    r[0] = _mm_unpacklo_pd(a, r[1]);
    r[1] = _mm_unpackhi_pd(a, r[1]);
}
#  else /* levels 3 and 4 */
#    define mvf_mad(a, b, c) MV__I(fmadd_ps)(a, b, c)
#    define mv4_mad(a, b, c) _mm_fmadd_ps(a, b, c)
#    define mvf_nmad(a, b, c) MV__I(fnmadd_ps)(a, b, c)
#    define mvd_mad(a, b, c) MV__I(fmadd_pd)(a, b, c)
#    define mvd_nmad(a, b, c) MV__I(fnmadd_pd)(a, b, c)
#    define mvi_mul(a, b) MV__I(mullo_epi32)(a, b)
#    define mvi_min(a, b) MV__I(min_epi32)(a, b)
#    define mvi_max(a, b) MV__I(max_epi32)(a, b)
#    if MV__PASS == 3
#      define mvf_bits(a) _mm256_castps_si256(a)
#      define mvi_asf(a) _mm256_castsi256_ps(a)
#      define mvf_lt(a, b) _mm256_cmp_ps(a, b, _CMP_LT_OQ)
#      define mvf_le(a, b) _mm256_cmp_ps(a, b, _CMP_LE_OQ)
#      define mvf_gt(a, b) _mm256_cmp_ps(a, b, _CMP_GT_OQ)
#      define mvf_ge(a, b) _mm256_cmp_ps(a, b, _CMP_GE_OQ)
#      define mvf_eq(a, b) _mm256_cmp_ps(a, b, _CMP_EQ_OQ)
#      define mvf_isnan(a) _mm256_cmp_ps(a, a, _CMP_UNORD_Q)
#      define mvf_sel(m, a, b) _mm256_blendv_ps(b, a, m)
#      define mvf_floor(a) _mm256_round_ps(a, 9)
#      define mvf_round(a) _mm256_round_ps(a, 8)
#      define mvf_rev(a) _mm256_permutevar8x32_ps(a, _mm256_setr_epi32(7, 6, 5, 4, 3, 2, 1, 0))
#      define mvf_gather(p, i) _mm256_i32gather_ps(p, i, 4)
#      define mvf_gather2(p, i, x, y) mv__v8_gather2(p, i, x, y)
#      define mvf_perm(a, i) _mm256_permutevar8x32_ps(a, i)
#      define mvf_perm2(a, b, i) \
          _mm256_blendv_ps(_mm256_permutevar8x32_ps(a, i), _mm256_permutevar8x32_ps(b, i), \
                           _mm256_castsi256_ps(_mm256_slli_epi32(i, 28)))
#      define mvm_and(a, b) _mm256_and_ps(a, b)
#      define mvm_or(a, b) _mm256_or_ps(a, b)
#      define mvm_not(a) _mm256_xor_ps(a, _mm256_castsi256_ps(_mm256_set1_epi32(-1)))
#      define mvm_bits(m) ((unsigned)_mm256_movemask_ps(m))
#      define mvi_iota() _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7)
#      define mvi_eq(a, b) _mm256_castsi256_ps(_mm256_cmpeq_epi32(a, b))
#      define mvi_gt(a, b) _mm256_castsi256_ps(_mm256_cmpgt_epi32(a, b))
#      define mvi_sel(m, a, b)                                                                               \
          _mm256_castps_si256(_mm256_blendv_ps(_mm256_castsi256_ps(b), _mm256_castsi256_ps(a), m))
#      define mvd_widen(p) _mm256_cvtps_pd(_mm_loadu_ps(p))
#      define mvd_lo(a) _mm256_cvtps_pd(_mm256_castps256_ps128(a))
#      define mvd_hi(a) _mm256_cvtps_pd(_mm256_extractf128_ps(a, 1))
#      define mvf_narrow(lo, hi) \
          _mm256_insertf128_ps(_mm256_castps128_ps256(_mm256_cvtpd_ps(lo)), _mm256_cvtpd_ps(hi), 1)
#      define mvd_lo_i(a) _mm256_cvtepi32_pd(_mm256_castsi256_si128(a))
#      define mvd_hi_i(a) _mm256_cvtepi32_pd(_mm256_extracti128_si256(a, 1))
#      define mvi_narrow(lo, hi) \
          _mm256_inserti128_si256(_mm256_castsi128_si256(_mm256_cvttpd_epi32(lo)), _mm256_cvttpd_epi32(hi), 1)
#      define mvd_lt(a, b) _mm256_cmp_pd(a, b, _CMP_LT_OQ)
#      define mvd_eq(a, b) _mm256_cmp_pd(a, b, _CMP_EQ_OQ)
#      define mvd_isnan(a) _mm256_cmp_pd(a, a, _CMP_UNORD_Q)
#      define mvd_sel(m, a, b) _mm256_blendv_pd(b, a, m)
#      define mvd_round(a) _mm256_round_pd(a, 8)
#      define mvd_pow2(k)                                                                                    \
          _mm256_castsi256_pd(                                                                               \
              _mm256_slli_epi64(_mm256_castpd_si256(_mm256_add_pd(k, _mm256_set1_pd(MV__POW2))), 52))
#      define mvi_load_u8(p) _mm256_cvtepu8_epi32(_mm_loadl_epi64((const __m128i *)(const void *)(p)))
#      define mvi_load_i8(p) _mm256_cvtepi8_epi32(_mm_loadl_epi64((const __m128i *)(const void *)(p)))
#      define mvi_load_u16(p) _mm256_cvtepu16_epi32(_mm_loadu_si128((const __m128i *)(const void *)(p)))
#      define mvi_load_i16(p) _mm256_cvtepi16_epi32(_mm_loadu_si128((const __m128i *)(const void *)(p)))
#      define mvi_store_u8(p, a) mv__v_store8(p, a, 0)
#      define mvi_store_i8(p, a) mv__v_store8(p, a, 1)
#      define mvi_store_u16(p, a) mv__v_store16(p, _mm256_packus_epi32(a, a))
#      define mvi_store_i16(p, a) mv__v_store16(p, _mm256_packs_epi32(a, a))
#      define mvi_pack_u16(a, b) _mm256_permute4x64_epi64(_mm256_packus_epi32(a, b), 0xd8)
#      define mvi_pack_i16(a, b) _mm256_permute4x64_epi64(_mm256_packs_epi32(a, b), 0xd8)
#      define mvi_pack_u8(a, b, c, d) \
          mv__v8_lanes(_mm256_packus_epi16(_mm256_packs_epi32(a, b), _mm256_packs_epi32(c, d)))
#      define mvi_pack_i8(a, b, c, d) \
          mv__v8_lanes(_mm256_packs_epi16(_mm256_packs_epi32(a, b), _mm256_packs_epi32(c, d)))
#      define mvf_load_f16(p) _mm256_cvtph_ps(_mm_loadu_si128((const __m128i *)(const void *)(p)))
#      define mvf_store_f16(p, a) _mm_storeu_si128((__m128i *)(void *)(p), _mm256_cvtps_ph(a, 0))
static inline mvi mv__v8_lanes(mvi a) { /* lane-wise packs put in order */
    return _mm256_permutevar8x32_epi32(a, _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7));
}
/* packs work within 128-bit halves: gather lanes 0 and 2 */
static inline void mv__v_store16(void *p, mvi h) {
    _mm_storeu_si128((__m128i *)p, _mm256_castsi256_si128(_mm256_permute4x64_epi64(h, 0x08)));
}
static inline void mv__v_store8(void *p, mvi a, int is_signed) {
    __m256i h = _mm256_permute4x64_epi64(_mm256_packs_epi32(a, a), 0x08);
    __m128i l = _mm256_castsi256_si128(h);
    _mm_storel_epi64((__m128i *)p, is_signed ? _mm_packs_epi16(l, l) : _mm_packus_epi16(l, l));
}
static inline void mv__v8_gather2(const float *p, mvi i, mvf *x, mvf *y) { /* pairs as doubles, then apart */
    const double *q = (const double *)(const void *)p;
    __m256 lo = _mm256_castpd_ps(_mm256_i32gather_pd(q, _mm256_castsi256_si128(i), 4));
    __m256 hi = _mm256_castpd_ps(_mm256_i32gather_pd(q, _mm256_extracti128_si256(i, 1), 4));
    *x = _mm256_castpd_ps(_mm256_permute4x64_pd(_mm256_castps_pd(_mm256_shuffle_ps(lo, hi, 0x88)), 0xd8));
    *y = _mm256_castpd_ps(_mm256_permute4x64_pd(_mm256_castps_pd(_mm256_shuffle_ps(lo, hi, 0xdd)), 0xd8));
}
#      define mvf_transpose(r) mv__v8_transpose(r)
MV__INLINE void mv__v8_transpose(mvf *r) {
    mvf t[8], u[8];
    int k;
    MV__UNROLL for (k = 0; k < 8; k += 2) {
        t[k] = _mm256_unpacklo_ps(r[k], r[k + 1]);
        t[k + 1] = _mm256_unpackhi_ps(r[k], r[k + 1]);
    }
    MV__UNROLL for (k = 0; k < 8; k += 4) {
        u[k] = _mm256_shuffle_ps(t[k], t[k + 2], 0x44);
        u[k + 1] = _mm256_shuffle_ps(t[k], t[k + 2], 0xee);
        u[k + 2] = _mm256_shuffle_ps(t[k + 1], t[k + 3], 0x44);
        u[k + 3] = _mm256_shuffle_ps(t[k + 1], t[k + 3], 0xee);
    }
    MV__UNROLL for (k = 0; k < 4; k++) {
        r[k] = _mm256_permute2f128_ps(u[k], u[k + 4], 0x20);
        r[k + 4] = _mm256_permute2f128_ps(u[k], u[k + 4], 0x31);
    }
}
#      define mvd_rev(a) _mm256_permute4x64_pd(a, 0x1b)
#      define mvd_transpose(r) mv__v4_transposed(r)
MV__INLINE void mv__v4_transposed(mvd *r) {
    mvd a = _mm256_unpacklo_pd(r[0], r[1]), b = _mm256_unpackhi_pd(r[0], r[1]);
    mvd c = _mm256_unpacklo_pd(r[2], r[3]), d = _mm256_unpackhi_pd(r[2], r[3]);
    r[0] = _mm256_permute2f128_pd(a, c, 0x20);
    r[1] = _mm256_permute2f128_pd(b, d, 0x20);
    r[2] = _mm256_permute2f128_pd(a, c, 0x31);
    r[3] = _mm256_permute2f128_pd(b, d, 0x31);
}
#    else
#      define mvf_bits(a) _mm512_castps_si512(a)
#      define mvi_asf(a) _mm512_castsi512_ps(a)
#      define mvf_lt(a, b) _mm512_cmp_ps_mask(a, b, _CMP_LT_OQ)
#      define mvf_le(a, b) _mm512_cmp_ps_mask(a, b, _CMP_LE_OQ)
#      define mvf_gt(a, b) _mm512_cmp_ps_mask(a, b, _CMP_GT_OQ)
#      define mvf_ge(a, b) _mm512_cmp_ps_mask(a, b, _CMP_GE_OQ)
#      define mvf_eq(a, b) _mm512_cmp_ps_mask(a, b, _CMP_EQ_OQ)
#      define mvf_isnan(a) _mm512_cmp_ps_mask(a, a, _CMP_UNORD_Q)
#      define mvf_sel(m, a, b) _mm512_mask_blend_ps(m, b, a)
#      define mvf_floor(a) _mm512_roundscale_ps(a, 9)
#      define mvf_round(a) _mm512_roundscale_ps(a, 8)
#      define mvf_rev(a) \
          _mm512_permutexvar_ps(_mm512_setr_epi32(15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0), a)
#      define mvf_gather(p, i) _mm512_i32gather_ps(i, p, 4)
#      define mvf_gather2(p, i, x, y) mv__v16_gather2(p, i, x, y)
#      define mvf_perm(a, i) _mm512_permutexvar_ps(i, a)
#      define mvf_perm2(a, b, i) _mm512_permutex2var_ps(a, i, b)
#      define mvm_and(a, b) ((__mmask16)((a) & (b)))
#      define mvm_or(a, b) ((__mmask16)((a) | (b)))
#      define mvm_not(a) ((__mmask16)~(unsigned)(a))
#      define mvm_bits(m) ((unsigned)(m))
#      define mvi_iota() _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15)
#      define mvi_eq(a, b) _mm512_cmpeq_epi32_mask(a, b)
#      define mvi_gt(a, b) _mm512_cmpgt_epi32_mask(a, b)
#      define mvi_sel(m, a, b) _mm512_mask_blend_epi32(m, b, a)
#      define mvd_widen(p) _mm512_cvtps_pd(_mm256_loadu_ps(p))
#      define mvd_lo(a) _mm512_cvtps_pd(_mm512_castps512_ps256(a))
#      define mvd_hi(a) _mm512_cvtps_pd(_mm512_extractf32x8_ps(a, 1))
#      define mvf_narrow(lo, hi) \
          _mm512_insertf32x8(_mm512_castps256_ps512(_mm512_cvtpd_ps(lo)), _mm512_cvtpd_ps(hi), 1)
#      define mvd_lo_i(a) _mm512_cvtepi32_pd(_mm512_castsi512_si256(a))
#      define mvd_hi_i(a) _mm512_cvtepi32_pd(_mm512_extracti64x4_epi64(a, 1))
#      define mvi_narrow(lo, hi) \
          _mm512_inserti64x4(_mm512_castsi256_si512(_mm512_cvttpd_epi32(lo)), _mm512_cvttpd_epi32(hi), 1)
#      define mvd_lt(a, b) _mm512_cmp_pd_mask(a, b, _CMP_LT_OQ)
#      define mvd_eq(a, b) _mm512_cmp_pd_mask(a, b, _CMP_EQ_OQ)
#      define mvd_isnan(a) _mm512_cmp_pd_mask(a, a, _CMP_UNORD_Q)
#      define mvd_sel(m, a, b) _mm512_mask_blend_pd(m, b, a)
#      define mvd_round(a) _mm512_roundscale_pd(a, 8)
#      define mvd_pow2(k) _mm512_scalef_pd(_mm512_set1_pd(1.0), k)
#      define mvi_load_u8(p) _mm512_cvtepu8_epi32(_mm_loadu_si128((const __m128i *)(const void *)(p)))
#      define mvi_load_i8(p) _mm512_cvtepi8_epi32(_mm_loadu_si128((const __m128i *)(const void *)(p)))
#      define mvi_load_u16(p) _mm512_cvtepu16_epi32(_mm256_loadu_si256((const __m256i *)(const void *)(p)))
#      define mvi_load_i16(p) _mm512_cvtepi16_epi32(_mm256_loadu_si256((const __m256i *)(const void *)(p)))
#define mvi_store_u8(p, a)                   \
    _mm_storeu_si128((__m128i *)(void *)(p), \
                     _mm512_cvtusepi32_epi8(_mm512_max_epi32(a, _mm512_setzero_si512())))
#      define mvi_store_i8(p, a) _mm_storeu_si128((__m128i *)(void *)(p), _mm512_cvtsepi32_epi8(a))
#define mvi_store_u16(p, a)                     \
    _mm256_storeu_si256((__m256i *)(void *)(p), \
                        _mm512_cvtusepi32_epi16(_mm512_max_epi32(a, _mm512_setzero_si512())))
#      define mvi_store_i16(p, a) _mm256_storeu_si256((__m256i *)(void *)(p), _mm512_cvtsepi32_epi16(a))
#      define mvi_pack_u16(a, b) \
          _mm512_permutexvar_epi64(_mm512_setr_epi64(0, 2, 4, 6, 1, 3, 5, 7), _mm512_packus_epi32(a, b))
#      define mvi_pack_i16(a, b) \
          _mm512_permutexvar_epi64(_mm512_setr_epi64(0, 2, 4, 6, 1, 3, 5, 7), _mm512_packs_epi32(a, b))
#      define mvi_pack_u8(a, b, c, d) \
          mv__v16_lanes(_mm512_packus_epi16(_mm512_packs_epi32(a, b), _mm512_packs_epi32(c, d)))
#      define mvi_pack_i8(a, b, c, d) \
          mv__v16_lanes(_mm512_packs_epi16(_mm512_packs_epi32(a, b), _mm512_packs_epi32(c, d)))
#      define mvf_load_f16(p) _mm512_cvtph_ps(_mm256_loadu_si256((const __m256i *)(const void *)(p)))
#      define mvf_store_f16(p, a) _mm256_storeu_si256((__m256i *)(void *)(p), _mm512_cvtps_ph(a, 0))
#      define mvf_loadn(p, n) _mm512_maskz_loadu_ps((__mmask16)((1u << (n)) - 1u), p)
#      define mvf_storen(p, a, n) _mm512_mask_storeu_ps(p, (__mmask16)((1u << (n)) - 1u), a)
static inline mvi mv__v16_lanes(mvi a) { /* lane-wise packs put in order */
    const __m512i order = _mm512_setr_epi32(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15);
    return _mm512_permutexvar_epi32(order, a);
}
static inline void mv__v16_gather2(const float *p, mvi i, mvf *x, mvf *y) { /* pairs as doubles, then apart */
    const __m512i even = _mm512_setr_epi32(0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30);
    __m512 lo = _mm512_castpd_ps(_mm512_i32gather_pd(_mm512_castsi512_si256(i), p, 4));
    __m512 hi = _mm512_castpd_ps(_mm512_i32gather_pd(_mm512_extracti64x4_epi64(i, 1), p, 4));
    *x = _mm512_permutex2var_ps(lo, even, hi);
    *y = _mm512_permutex2var_ps(lo, _mm512_add_epi32(even, _mm512_set1_epi32(1)), hi);
}
#      define mvf_transpose(r) mv__v16_transpose(r)
MV__INLINE void mv__v16_transpose(mvf *r) {
    mvf t[16];
    int k;
    MV__UNROLL for (k = 0; k < 16; k += 4) { /* 4 x 4 blocks within 128-bit lanes */
        mvf a = _mm512_unpacklo_ps(r[k], r[k + 1]), b = _mm512_unpackhi_ps(r[k], r[k + 1]);
        mvf c = _mm512_unpacklo_ps(r[k + 2], r[k + 3]), d = _mm512_unpackhi_ps(r[k + 2], r[k + 3]);
        t[k] = _mm512_shuffle_ps(a, c, 0x44);
        t[k + 1] = _mm512_shuffle_ps(a, c, 0xee);
        t[k + 2] = _mm512_shuffle_ps(b, d, 0x44);
        t[k + 3] = _mm512_shuffle_ps(b, d, 0xee);
    }
    MV__UNROLL for (k = 0; k < 4; k++) { /* then a 4 x 4 transpose of the lanes */
        mvf a = _mm512_shuffle_f32x4(t[k], t[k + 4], 0x88), b = _mm512_shuffle_f32x4(t[k], t[k + 4], 0xdd);
        mvf c = _mm512_shuffle_f32x4(t[k + 8], t[k + 12], 0x88),
            d = _mm512_shuffle_f32x4(t[k + 8], t[k + 12], 0xdd);
        r[k] = _mm512_shuffle_f32x4(a, c, 0x88);
        r[k + 8] = _mm512_shuffle_f32x4(a, c, 0xdd);
        r[k + 4] = _mm512_shuffle_f32x4(b, d, 0x88);
        r[k + 12] = _mm512_shuffle_f32x4(b, d, 0xdd);
    }
}
#      define mvd_rev(a) _mm512_permutexvar_pd(_mm512_setr_epi64(7, 6, 5, 4, 3, 2, 1, 0), a)
#      define mvd_transpose(r) mv__v8_transposed(r)
MV__INLINE void mv__v8_transposed(mvd *r) {
    mvd t[8];
    int k;
    MV__UNROLL for (k = 0; k < 8; k += 2) { /* pairs within 128-bit lanes */
        t[k] = _mm512_unpacklo_pd(r[k], r[k + 1]);
        t[k + 1] = _mm512_unpackhi_pd(r[k], r[k + 1]);
    }
    MV__UNROLL for (k = 0; k < 2; k++) { /* then a 4 x 4 transpose of the lanes */
        mvd a = _mm512_shuffle_f64x2(t[k], t[k + 2], 0x88), b = _mm512_shuffle_f64x2(t[k], t[k + 2], 0xdd);
        mvd c = _mm512_shuffle_f64x2(t[k + 4], t[k + 6], 0x88),
            d = _mm512_shuffle_f64x2(t[k + 4], t[k + 6], 0xdd);
        r[k] = _mm512_shuffle_f64x2(a, c, 0x88);
        r[k + 4] = _mm512_shuffle_f64x2(a, c, 0xdd);
        r[k + 2] = _mm512_shuffle_f64x2(b, d, 0x88);
        r[k + 6] = _mm512_shuffle_f64x2(b, d, 0xdd);
    }
}
#    endif
#  endif
#endif
#define MVD_N (MVF_N > 1 ? MVF_N / 2 : 1)
#if MV__PASS == 2 /* what neither SSE2 nor this block's NEON has: by element */
#  ifndef mvf_load_f16
#    define mvf_load_f16(p) mv__v_load_f16(p)
#    define mvf_store_f16(p, a) mv__v_store_f16(p, a)
static inline mvf mv__v_load_f16(const uint16_t *p) {
    float r[4];
    int k;
    for (k = 0; k < 4; k++) r[k] = mv__f16_to_f32(p[k]);
    return mvf_load(r);
}
static inline void mv__v_store_f16(uint16_t *p, mvf a) {
    float r[4];
    int k;
    mvf_store(r, a);
    for (k = 0; k < 4; k++) p[k] = mv__f32_to_f16(r[k]);
}
#  endif
#endif
#if MV__PASS > 1 /* words made of others */
#  ifndef mvf_perm
#    define mvf_perm(a, i) MV__K(mv__v_perm)(a, a, i)
#    define mvf_perm2(a, b, i) MV__K(mv__v_perm)(a, b, i)
#    define mvf_gather2(p, i, x, y) ((void)(*(x) = mvf_gather(p, i), *(y) = mvf_gather((p) + 1, i)))
static inline mvf MV__K(mv__v_perm)(mvf a, mvf b, mvi i) {
    float r[2 * MVF_N];
    mvf_store(r, a);
    mvf_store(r + MVF_N, b);
    return mvf_gather(r, i);
}
#  endif
#  define mvf_load_bf16(p) mvi_asf(mvi_sll(mvi_load_u16(p), 16))
#  define mvf_store_bf16(p, a) MV__K(mv__v_store_bf16)(p, a)
static inline void MV__K(mv__v_store_bf16)(uint16_t *p, mvf a) {
    mvi b = mvf_bits(a), r = mvi_add(mvi_add(b, mvi_set1(0x7fff)), mvi_and(mvi_srl(b, 16), mvi_set1(1)));
    r = mvi_sel(mvf_isnan(a), mvi_or(b, mvi_set1(0x400000)), r);
    mvi_store_u16(p, mvi_srl(r, 16));
}
#  ifndef mvf_loadn
#    define mvf_loadn(p, n) MV__K(mv__v_loadn)(p, n)
#    define mvf_storen(p, a, n) MV__K(mv__v_storen)(p, a, n)
static inline mvf MV__K(mv__v_loadn)(const float *p, size_t n) {
    float r[MVF_N] = {0};
    size_t k;
    for (k = 0; k < n; k++) r[k] = p[k];
    return mvf_load(r);
}
static inline void MV__K(mv__v_storen)(float *p, mvf a, size_t n) {
    float r[MVF_N];
    size_t k;
    mvf_store(r, a);
    for (k = 0; k < n; k++) p[k] = r[k];
}
#  endif
#endif
#endif /* MV__PASS */

/* ==== [VOLUME] data types, volumes, views, affine geometry, type conversion. Owns mv__vol_*, mv__out_*,
   mv__walk_*, mv__cv_*, mv__af_*. Uses [BASE] [CTX]. Source: nifti1.h (quaternions), Higham 1986 (polar
   decomposition). ========================== */
#ifdef MV__PASS
/* ---- conversion kernels. Everything passes through double, so every level gives the same bits. ---- */
#if MV__PASS == 1 /* shared by all levels */
#  define MV__CV_BLOCK 512 /* doubles a stage: 4 KiB, stays in L1 */
/* elements before alignment */
static inline size_t mv__cv_head(const void *p, size_t bytes, size_t size, size_t n) {
    size_t off = (size_t)((uintptr_t)p % bytes);
    return off % size != 0 ? n : mv__minz(n, (bytes - off) % bytes / size);
}
/* Elements before the vectors. Streaming stores must be aligned; else, in a long run, the source is: loads
   that straddle lines cost simple kernels a quarter in the caches, stores that do nothing (Zen 5). */
static inline size_t mv__cv_lead(const void *d, const void *s, size_t bytes, size_t size, size_t n, int nt) {
    return nt ? mv__cv_head(d, bytes, size, n) : n < 2048 ? 0 : mv__cv_head(s, bytes, size, n);
}
/* bytes ahead to ask for: kernels of many instructions keep too few lines on the way */
#  define MV__CV_AHEAD 8192
MV__WRAPS static inline const void *mv__ahead(const void *p, ptrdiff_t o) { /* outside too: prefetch only */
    return (const void *)((uintptr_t)p + (uintptr_t)o);
}
static inline double mv__cv_whole(double x, double lo, double hi) { /* NaN is 0, saturate, nearest even */
    if (x != x) return 0.0;
    return mv__rint(x < lo ? lo : x > hi ? hi : x);
}
static inline float mv__cv_odd(double x) { /* to odd: rounding again to fewer bits is then correct */
    float f = (float)x;
    uint32_t b = mv__f32_bits(f);
    double back = (double)f;
    if (x != x || back == x) return f;
    if (fabs(back) > fabs(x)) b--;
    return mv__bits_f32(b | 1u);
}
#endif
/* T to float: value * slope + inter when scaled. nt: streaming stores, for large results
   nobody reads at once */
#define MV__CV_TO_F32(T, name, LO, HI, LOAD, V, GET, AS_IT_IS)                                             \
    static void MV__K(mv__cv_f32_from_##name)(float *d, const T *s, size_t n, double slope, double inter,  \
                                              int scaled, int nt) {                                        \
        size_t i = 0, head = nt ? mv__cv_head(d, MVF_N * sizeof(float), sizeof(float), n) : 0;             \
        const mvd k = mvd_set1(slope), o = mvd_set1(inter);                                                \
        for (; i < head; i++)                                                                              \
            d[i] = (float)(scaled ? (double)GET(s[i]) * slope + inter : (double)GET(s[i]));                \
        for (; i + MVF_N <= n; i += MVF_N) {                                                               \
            V v = LOAD(s + i);                                                                             \
            mvf r;                                                                                         \
            if (scaled)                                                                                    \
                r = mvf_narrow(mvd_add(mvd_mul(LO(v), k), o), mvd_add(mvd_mul(HI(v), k), o));              \
            else r = AS_IT_IS(v, LO, HI);                                                                  \
            if (nt) mvf_stream(d + i, r);                                                                  \
            else mvf_store(d + i, r);                                                                      \
        }                                                                                                  \
        if (nt) mv_fence();                                                                                \
        mv_end();                                                                                          \
        for (; i < n; i++) d[i] = (float)(scaled ? (double)GET(s[i]) * slope + inter : (double)GET(s[i])); \
    }
/* int32 is rounded once either way; NaN becomes quiet, by bits, since compilers fold conversions there and
   back */
#define MV__CV_INT(v, LO, HI) mvf_fromi(v)
#define MV__CV_QUIET(v, LO, HI)                                                                            \
    mvf_sel(mvf_isnan(v), mvi_asf(mvi_or(mvf_bits(v), mvi_set1(0x00400000))), v)
#define MV__CV_REAL(v, LO, HI) mvf_narrow(LO(v), HI(v))
#define MV__CV_HERE(p) (p)
#define MV__CV_LOW(p) mvd_load(p)
#define MV__CV_HIGH(p) mvd_load((p) + (MVF_N > 1 ? MVD_N : 0))
MV__CV_TO_F32(uint8_t, u8, mvd_lo_i, mvd_hi_i, mvi_load_u8, mvi, (double), MV__CV_INT)
MV__CV_TO_F32(int8_t, i8, mvd_lo_i, mvd_hi_i, mvi_load_i8, mvi, (double), MV__CV_INT)
MV__CV_TO_F32(uint16_t, u16, mvd_lo_i, mvd_hi_i, mvi_load_u16, mvi, (double), MV__CV_INT)
MV__CV_TO_F32(int16_t, i16, mvd_lo_i, mvd_hi_i, mvi_load_i16, mvi, (double), MV__CV_INT)
MV__CV_TO_F32(int32_t, i32, mvd_lo_i, mvd_hi_i, mvi_load, mvi, (double), MV__CV_INT)
MV__CV_TO_F32(float, f32, mvd_lo, mvd_hi, mvf_load, mvf, (double), MV__CV_QUIET)
MV__CV_TO_F32(double, f64, MV__CV_LOW, MV__CV_HIGH, MV__CV_HERE, const double *, (double), MV__CV_REAL)
MV__CV_TO_F32(uint16_t, f16, mvd_lo, mvd_hi, mvf_load_f16, mvf, (double)mv__f16_to_f32, MV__CV_QUIET)
MV__CV_TO_F32(uint16_t, bf16, mvd_lo, mvd_hi, mvf_load_bf16, mvf, (double)mv__bf16_to_f32, MV__CV_QUIET)
#undef MV__CV_TO_F32
#undef MV__CV_INT
#undef MV__CV_QUIET
#undef MV__CV_REAL
#undef MV__CV_HERE
#undef MV__CV_LOW
#undef MV__CV_HIGH
static void MV__K(mv__cv_f64_from_f32)(double *d, const float *s, size_t n, double slope, double inter,
                                       int scaled, int nt) {
    size_t i = 0, head = nt ? mv__cv_head(d, MVD_N * sizeof(double), sizeof(double), n) : 0;
    const mvd k = mvd_set1(slope), o = mvd_set1(inter);
    for (; i < head; i++) d[i] = scaled ? (double)s[i] * slope + inter : (double)s[i];
    for (; MVF_N > 1 && i + MVF_N <= n; i += MVF_N) {
        mvf v = mvf_load(s + i);
        mvd lo = mvd_lo(v), hi = mvd_hi(v);
        if (scaled) {
            lo = mvd_add(mvd_mul(lo, k), o);
            hi = mvd_add(mvd_mul(hi, k), o);
        }
        if (nt) {
            mvd_stream(d + i, lo);
            mvd_stream(d + i + MVD_N, hi);
        } else {
            mvd_store(d + i, lo);
            mvd_store(d + i + MVD_N, hi);
        }
    }
    if (nt) mv_fence();
    mv_end();
    for (; i < n; i++) d[i] = scaled ? (double)s[i] * slope + inter : (double)s[i];
}
/* T to a block of doubles */
#define MV__CV_GET(T, name, LO, HI, LOAD, V, GET)                                \
    static void MV__K(mv__cv_get_##name)(double *d, const void *src, size_t n) { \
        const T *s = (const T *)src;                                             \
        size_t i = 0;                                                            \
        for (; MVF_N > 1 && i + MVF_N <= n; i += MVF_N) {                        \
            V v = LOAD(s + i);                                                   \
            mvd_store(d + i, LO(v));                                             \
            mvd_store(d + i + MVD_N, HI(v));                                     \
        }                                                                        \
        mv_end();                                                                \
        for (; i < n; i++) d[i] = (double)GET(s[i]);                             \
    }
MV__CV_GET(uint8_t, u8, mvd_lo_i, mvd_hi_i, mvi_load_u8, mvi, (double))
MV__CV_GET(int8_t, i8, mvd_lo_i, mvd_hi_i, mvi_load_i8, mvi, (double))
MV__CV_GET(uint16_t, u16, mvd_lo_i, mvd_hi_i, mvi_load_u16, mvi, (double))
MV__CV_GET(int16_t, i16, mvd_lo_i, mvd_hi_i, mvi_load_i16, mvi, (double))
MV__CV_GET(int32_t, i32, mvd_lo_i, mvd_hi_i, mvi_load, mvi, (double))
MV__CV_GET(float, f32, mvd_lo, mvd_hi, mvf_load, mvf, (double))
MV__CV_GET(uint16_t, f16, mvd_lo, mvd_hi, mvf_load_f16, mvf, (double)mv__f16_to_f32)
MV__CV_GET(uint16_t, bf16, mvd_lo, mvd_hi, mvf_load_bf16, mvf, (double)mv__bf16_to_f32)
#undef MV__CV_GET
/* doubles to T: nearest even, saturated, NaN to 0 */
#define MV__CV_PUT(T, name, LOW, HIGH, STORE)                                    \
    static void MV__K(mv__cv_put_##name)(void *dst, const double *s, size_t n) { \
        T *d = (T *)dst;                                                         \
        size_t i = 0;                                                            \
        const mvd lo = mvd_set1(LOW), hi = mvd_set1(HIGH), zero = mvd_zero();    \
        for (; MVF_N > 1 && i + MVF_N <= n; i += MVF_N) {                        \
            mvd a = mvd_load(s + i), b = mvd_load(s + i + MVD_N);                \
            a = mvd_sel(mvd_isnan(a), zero, a);                                  \
            b = mvd_sel(mvd_isnan(b), zero, b);                                  \
            a = mvd_round(mvd_min(mvd_max(a, lo), hi));                          \
            b = mvd_round(mvd_min(mvd_max(b, lo), hi));                          \
            STORE(d + i, mvi_narrow(a, b));                                      \
        }                                                                        \
        mv_end();                                                                \
        for (; i < n; i++) d[i] = (T)mv__cv_whole(s[i], LOW, HIGH);              \
    }
MV__CV_PUT(uint8_t, u8, 0.0, 255.0, mvi_store_u8)
MV__CV_PUT(int8_t, i8, -128.0, 127.0, mvi_store_i8)
MV__CV_PUT(uint16_t, u16, 0.0, 65535.0, mvi_store_u16)
MV__CV_PUT(int16_t, i16, -32768.0, 32767.0, mvi_store_i16)
MV__CV_PUT(int32_t, i32, -2147483648.0, 2147483647.0, mvi_store)
#undef MV__CV_PUT
/* float to T at once. Without scaling in float: the bounds of the narrow types are floats, so that it gives
   the same. */
static inline mvi MV__K(mv__cv_nearest)(mvf x, mvf lo, mvf hi) {
    (void)lo; /* below it, or below int32, the pack saturates */
    return mvi_round(mvf_min(mvf_sel(mvf_isnan(x), mvf_zero(), x), hi));
}
static inline mvi MV__K(mv__cv_nearest32)(mvf x, mvf lo, mvf hi) { /* hi is 2^31, the float after the last */
    mvi r = mvi_round(mvf_max(mvf_sel(mvf_isnan(x), mvf_zero(), x), lo));
    return mvi_sel(mvf_ge(x, hi), mvi_set1(INT32_MAX), r);
}
static inline mvi MV__K(mv__cv_nearest_d)(mvf x, mvd k, mvd o, mvd lo, mvd hi) {
    mvd a = mvd_add(mvd_mul(mvd_lo(x), k), o), b = mvd_add(mvd_mul(mvd_hi(x), k), o);
    a = mvd_sel(mvd_isnan(a), mvd_zero(), a);
    b = mvd_sel(mvd_isnan(b), mvd_zero(), b);
    return mvi_narrow(mvd_round(mvd_min(mvd_max(a, lo), hi)), mvd_round(mvd_min(mvd_max(b, lo), hi)));
}
#if MV__PASS > 1
#define MV__CV_PACK_I32(v) (v)[0]
#define MV__CV_PACK_U8(v) mvi_pack_u8((v)[0], (v)[1], (v)[2], (v)[3])
#define MV__CV_PACK_I8(v) mvi_pack_i8((v)[0], (v)[1], (v)[2], (v)[3])
#define MV__CV_PACK_U16(v) mvi_pack_u16((v)[0], (v)[1])
#define MV__CV_PACK_I16(v) mvi_pack_i16((v)[0], (v)[1])
#define MV__CV_FROM_F32(T, name, LOW, HIGH, NEAR, PACK)                                                     \
    static void MV__K(mv__cv_##name##_from_f32)(T *d, const float *s, size_t n, double slope, double inter, \
                                                int scaled, int nt) {                                       \
        enum { PER = 4 / sizeof(T), E = MVF_N * PER };                                                      \
        size_t i = 0, head = nt ? mv__cv_head(d, MVF_N * sizeof(float), sizeof(T), n) : 0;                  \
        const mvd k = mvd_set1(slope), o = mvd_set1(inter), lo = mvd_set1(LOW), hi = mvd_set1(HIGH);        \
        const mvf flo = mvf_set1(LOW), fhi = mvf_set1(HIGH);                                                \
        int j;                                                                                              \
        for (; i < head; i++)                                                                               \
            d[i] = (T)mv__cv_whole(scaled ? (double)s[i] * slope + inter : (double)s[i], LOW, HIGH);        \
        for (; i + E <= n; i += E) {                                                                        \
            mvi v[PER], r;                                                                                  \
            if (nt)                                                                                         \
                MV__UNROLL for (j = 0; j < PER; j++)                                                        \
                    mv_prefetch(mv__ahead(s + i + j * MVF_N, MV__CV_AHEAD));                                \
            if (scaled)                                                                                     \
                MV__UNROLL for (j = 0; j < PER; j++)                                                        \
                    v[j] = MV__K(mv__cv_nearest_d)(mvf_load(s + i + j * MVF_N), k, o, lo, hi);              \
            else                                                                                            \
                MV__UNROLL for (j = 0; j < PER; j++)                                                        \
                    v[j] = MV__K(NEAR)(mvf_load(s + i + j * MVF_N), flo, fhi);                              \
            r = PACK(v);                                                                                    \
            if (nt) mvi_stream((int32_t *)(void *)(d + i), r);                                              \
            else mvi_store((int32_t *)(void *)(d + i), r);                                                  \
        }                                                                                                   \
        if (nt) mv_fence();                                                                                 \
        mv_end();                                                                                           \
        for (; i < n; i++)                                                                                  \
            d[i] = (T)mv__cv_whole(scaled ? (double)s[i] * slope + inter : (double)s[i], LOW, HIGH);        \
    }
#else
#define MV__CV_FROM_F32(T, name, LOW, HIGH, NEAR, PACK)                                                     \
    static void MV__K(mv__cv_##name##_from_f32)(T *d, const float *s, size_t n, double slope, double inter, \
                                                int scaled, int nt) {                                       \
        size_t i;                                                                                           \
        (void)nt;                                                                                           \
        for (i = 0; i < n; i++)                                                                             \
            d[i] = (T)mv__cv_whole(scaled ? (double)s[i] * slope + inter : (double)s[i], LOW, HIGH);        \
    }
#endif
MV__CV_FROM_F32(uint8_t, u8, 0.0, 255.0, mv__cv_nearest, MV__CV_PACK_U8)
MV__CV_FROM_F32(int8_t, i8, -128.0, 127.0, mv__cv_nearest, MV__CV_PACK_I8)
MV__CV_FROM_F32(uint16_t, u16, 0.0, 65535.0, mv__cv_nearest, MV__CV_PACK_U16)
MV__CV_FROM_F32(int16_t, i16, -32768.0, 32767.0, mv__cv_nearest, MV__CV_PACK_I16)
MV__CV_FROM_F32(int32_t, i32, -2147483648.0, 2147483647.0, mv__cv_nearest32, MV__CV_PACK_I32)
#undef MV__CV_FROM_F32
static void MV__K(mv__cv_put_f32)(void *dst, const double *s, size_t n) {
    float *d = (float *)dst;
    size_t i = 0;
    for (; MVF_N > 1 && i + MVF_N <= n; i += MVF_N)
        mvf_store(d + i, mvf_narrow(mvd_load(s + i), mvd_load(s + i + MVD_N)));
    mv_end();
    for (; i < n; i++) d[i] = (float)s[i];
}
static void MV__K(mv__cv_scale)(double *d, size_t n, double slope, double inter) {
    const mvd k = mvd_set1(slope), o = mvd_set1(inter);
    size_t i = 0;
    for (; i + MVD_N <= n; i += MVD_N) mvd_store(d + i, mvd_add(mvd_mul(mvd_load(d + i), k), o));
    mv_end();
    for (; i < n; i++) d[i] = d[i] * slope + inter;
}
/* float to half types without a detour: one rounding */
static void MV__K(mv__cv_f16_from_f32)(uint16_t *d, const float *s, size_t n) {
    size_t i = 0;
    for (; i + MVF_N <= n; i += MVF_N) mvf_store_f16(d + i, mvf_load(s + i));
    mv_end();
    for (; i < n; i++) d[i] = mv__f32_to_f16(s[i]);
}
static void MV__K(mv__cv_bf16_from_f32)(uint16_t *d, const float *s, size_t n) {
    size_t i = 0;
    for (; i + MVF_N <= n; i += MVF_N) mvf_store_bf16(d + i, mvf_load(s + i));
    mv_end();
    for (; i < n; i++) d[i] = mv__f32_to_bf16(s[i]);
}
/* points: a row of the affine at a time */
static void MV__K(mv__af_points)(const double *a, double *xo, double *yo, double *zo, const double *x,
                                 const double *y, const double *z, size_t n) {
    double *out[3];
    size_t i = 0, k;
    int r;
    out[0] = xo, out[1] = yo, out[2] = zo;
    for (; i + MVD_N <= n; i += MVD_N) {
        mvd px = mvd_load(x + i), py = mvd_load(y + i), pz = mvd_load(z + i), v[3];
        MV__UNROLL for (r = 0; r < 3; r++) {
            v[r] = mvd_add(mvd_mul(mvd_set1(a[4 * r]), px), mvd_mul(mvd_set1(a[4 * r + 1]), py));
            v[r] = mvd_add(mvd_add(v[r], mvd_mul(mvd_set1(a[4 * r + 2]), pz)), mvd_set1(a[4 * r + 3]));
        }
        MV__UNROLL for (r = 0; r < 3; r++) mvd_store(out[r] + i, v[r]);
    }
    mv_end();
    for (k = i; k < n; k++) {
        double p[3];
        for (r = 0; r < 3; r++)
            p[r] = a[4 * r] * x[k] + a[4 * r + 1] * y[k] + a[4 * r + 2] * z[k] + a[4 * r + 3];
        for (r = 0; r < 3; r++) out[r][k] = p[r];
    }
}
#else
/* ---- data types ---- */
#define MV__DTYPES(X)                                                                                       \
    X(U8, 1, "u8") X(I8, 1, "i8") X(U16, 2, "u16") X(I16, 2, "i16") X(U32, 4, "u32") X(I32, 4, "i32")       \
    X(U64, 8, "u64") X(I64, 8, "i64") X(F16, 2, "f16") X(BF16, 2, "bf16") X(F32, 4, "f32") X(F64, 8, "f64") \
    X(C64, 8, "c64") X(C128, 16, "c128") X(RGB24, 3, "rgb24") X(RGBA32, 4, "rgba32") X(F128, 16, "f128")    \
    X(C256, 32, "c256")
MEDVOL_DEF size_t mv_dtype_size(mv_dtype dtype) {
    switch (dtype) {
#define MV__X(name, size, text) case MEDVOL_##name: return size;
        MV__DTYPES(MV__X)
#undef MV__X
        default: return 0;
    }
}
MEDVOL_DEF const char *mv_dtype_name(mv_dtype dtype) {
    switch (dtype) {
#define MV__X(name, size, text) case MEDVOL_##name: return text;
        MV__DTYPES(MV__X)
#undef MV__X
        default: return "?";
    }
}
static int mv__is_integer(mv_dtype t) {
    return t == MEDVOL_U8 || t == MEDVOL_I8 || t == MEDVOL_U16 || t == MEDVOL_I16 || t == MEDVOL_U32 ||
           t == MEDVOL_I32 || t == MEDVOL_U64 || t == MEDVOL_I64;
}
static int mv__is_real(mv_dtype t) {
    return mv__is_integer(t) || t == MEDVOL_F16 || t == MEDVOL_BF16 || t == MEDVOL_F32 || t == MEDVOL_F64;
}
static int mv__is_complex(mv_dtype t) { return t == MEDVOL_C64 || t == MEDVOL_C128; }
static int mv__scaled(double slope, double inter) {
    return mv__finite(slope) && slope != 0.0 && mv__finite(inter) && !(slope == 1.0 && inter == 0.0);
}
/* Scaling of a volume as two numbers that can always be applied. */
static void mv__vol_scaling(const mv_volume *v, double *slope, double *inter) {
    int on = (mv__is_real(v->dtype) || mv__is_complex(v->dtype)) && mv__scaled(v->slope, v->inter);
    *slope = on ? v->slope : 1.0;
    *inter = on ? v->inter : 0.0;
}

/* ---- shape checks ---- */
static mv_status mv__shape_check(mv_ctx *ctx, const char *op, mv_dtype dtype, int ndim, const size_t *dim,
                                 size_t *bytes) {
    size_t n = mv_dtype_size(dtype);
    int d;
    if (n == 0)
        return mv__fail(ctx, MEDVOL_E_DTYPE, "dtype", (double)dtype, -1, "%s: data type %d is unknown", op,
                        (int)dtype);
    if (!(ndim >= 1 && ndim <= 7))
        return mv__fail(ctx, MEDVOL_E_RANGE, "ndim", ndim, -1, "%s: ndim = %d: must be 1..7", op, ndim);
    if (!dim) return mv__fail_null(ctx, op, "dim");
    for (d = 0; d < ndim; d++) {
        if (dim[d] == 0)
            return mv__fail(ctx, MEDVOL_E_SIZE, "dim", 0, -1, "%s: dim[%d] = 0: must be at least 1", op, d);
        if (!mv__mul(n, dim[d], &n) || n > (size_t)PTRDIFF_MAX)
            return mv__fail(ctx, MEDVOL_E_SIZE, "dim", (double)dim[d], -1,
                            "%s: dim[%d] = %zu: the volume is too large for this platform", op, d, dim[d]);
    }
    *bytes = n;
    return MEDVOL_OK;
}
MEDVOL_DEF size_t mv_volume_count(const mv_volume *v) {
    size_t n = 1;
    int d;
    if (!v || !v->data || v->ndim < 1 || v->ndim > 7) return 0;
    for (d = 0; d < v->ndim; d++) n *= v->dim[d];
    return n;
}
/* Bytes from the first to behind the last voxel. */
static size_t mv__vol_extent(const mv_volume *v) {
    size_t n = 1;
    int d;
    for (d = 0; d < v->ndim; d++) n += (v->dim[d] - 1) * (size_t)v->stride[d];
    return n * mv_dtype_size(v->dtype);
}
/* Every volume call starts here: pointer, type, shape and strides that grow without folding. */
static mv_status mv__vol_check(mv_ctx *ctx, const char *op, const char *name, const mv_volume *v) {
    size_t bytes, least = 1, reach;
    int d;
    mv_status st;
    if (!v) return mv__fail_null(ctx, op, name);
    if (!v->data) return mv__fail(ctx, MEDVOL_E_NULL, name, 0, -1, "%s: %s is an empty volume", op, name);
    if ((st = mv__shape_check(ctx, op, v->dtype, v->ndim, v->dim, &bytes)) < 0) return st;
    for (d = 0; d < v->ndim; d++) {
        if (v->dim[d] > 1 || d == 0) {
            if (v->stride[d] < 1 || (size_t)v->stride[d] < least || (d == 0 && v->stride[0] != 1))
                return mv__fail(ctx, MEDVOL_E_SHAPE, "stride", (double)v->stride[d], -1,
                                "%s: %s: stride[%d] = %lld: must be %s%zu", op, name, d,
                                (long long)v->stride[d], d ? "at least " : "", least);
            if (!mv__mul((size_t)v->stride[d], v->dim[d] - 1, &reach) || !mv__add(reach, least, &least) ||
                !mv__mul(least, mv_dtype_size(v->dtype), &bytes) || bytes > (size_t)PTRDIFF_MAX)
                return mv__fail(ctx, MEDVOL_E_SIZE, "stride", (double)v->stride[d], -1,
                                "%s: %s: stride[%d] reaches beyond the address space", op, name, d);
        }
    }
    return MEDVOL_OK;
}
static mv_status mv__vol_check_real(mv_ctx *ctx, const char *op, const char *name, const mv_volume *v) {
    mv_status st = mv__vol_check(ctx, op, name, v);
    if (st == MEDVOL_OK && !mv__is_real(v->dtype))
        st = mv__fail(ctx, MEDVOL_E_DTYPE, "dtype", (double)v->dtype, -1,
                      "%s: %s has type %s: must be an integer or real type", op, name,
                      mv_dtype_name(v->dtype));
    return st;
}
MEDVOL_DEF int mv_volume_contiguous(const mv_volume *v) {
    size_t n = 1;
    int d;
    if (!v || !v->data) return 0;
    for (d = 0; d < v->ndim; d++) {
        if (v->dim[d] > 1 && (size_t)v->stride[d] != n) return 0;
        n *= v->dim[d];
    }
    return 1;
}
static void mv__vol_strides(mv_volume *v) {
    size_t n = 1;
    int d;
    for (d = 0; d < 7; d++) {
        if (d >= v->ndim) v->dim[d] = 1;
        v->stride[d] = (ptrdiff_t)n;
        n *= v->dim[d];
    }
}
/* trailing ones do not count */
static int mv__vol_same_shape(const mv_volume *v, int ndim, const size_t *dim) {
    int d;
    for (d = 0; d < 7; d++)
        if ((d < v->ndim ? v->dim[d] : 1) != (d < ndim ? dim[d] : 1)) return 0;
    return 1;
}

/* ---- making and releasing ---- */
static void mv__vol_init(mv_volume *v, mv_dtype dtype, int ndim, const size_t *dim) {
    int d;
    mv__memset(v, 0, sizeof *v);
    v->dtype = dtype;
    v->ndim = ndim;
    for (d = 0; d < ndim; d++) v->dim[d] = dim[d];
    mv__vol_strides(v);
    mv_affine_identity(v->affine);
    for (d = 0; d < 4; d++) v->step[d] = 1.0;
}
MEDVOL_DEF mv_status mv_volume_alloc(mv_ctx *ctx, mv_volume *v, mv_dtype dtype, int ndim, const size_t *dim) {
    mv_volume w;
    size_t bytes;
    mv_status st;
    if (!v) return mv__fail_null(ctx, "volume_alloc", "v");
    if ((st = mv__shape_check(ctx, "volume_alloc", dtype, ndim, dim, &bytes)) < 0) return st;
    if (ctx && ctx->desc.limits.max_bytes && bytes > ctx->desc.limits.max_bytes)
        return mv__fail(ctx, MEDVOL_E_LIMIT, "max_bytes", (double)bytes, -1,
                        "volume_alloc: %zu bytes: the limit is %llu", bytes,
                        (unsigned long long)ctx->desc.limits.max_bytes);
    mv__vol_init(&w, dtype, ndim, dim);
    if ((w.data = w.owner = mv__alloc(ctx, bytes)) == NULL) return MEDVOL_E_NOMEM;
    *v = w;
    return MEDVOL_OK;
}
MEDVOL_DEF mv_status mv_volume_wrap(mv_ctx *ctx, mv_volume *v, void *data, mv_dtype dtype, int ndim,
                                    const size_t *dim, const ptrdiff_t *stride) {
    mv_volume w;
    size_t bytes;
    int d;
    mv_status st;
    if (!v) return mv__fail_null(ctx, "volume_wrap", "v");
    if (!data) return mv__fail_null(ctx, "volume_wrap", "data");
    if ((st = mv__shape_check(ctx, "volume_wrap", dtype, ndim, dim, &bytes)) < 0) return st;
    mv__vol_init(&w, dtype, ndim, dim);
    w.data = data;
    for (d = 0; stride && d < ndim; d++) w.stride[d] = stride[d];
    if ((st = mv__vol_check(ctx, "volume_wrap", "v", &w)) < 0) return st;
    *v = w;
    return MEDVOL_OK;
}
static void mv__vol_release(mv_ctx *ctx, mv_volume *v) { /* voxels only */
    if (v->owner && v->map_bytes) {
        const mv_io *io = ctx ? ctx->desc.io : NULL;
        if (io && io->unmap) io->unmap(io->user, v->owner, v->map_bytes);
        else mv__unmap(v->owner, v->map_bytes);
    } else mv__free(ctx, v->owner);
    v->data = v->owner = NULL;
    v->map_bytes = 0;
}
static void mv__vol_drop_nifti(mv_ctx *ctx, mv_volume *v) {
    if (v->owns_nifti) mv__free(ctx, v->nifti);
    v->nifti = NULL;
    v->owns_nifti = 0;
}
static mv_status mv__vol_copy_nifti(mv_ctx *ctx, mv_volume *v, const mv_nifti *h) {
    mv_nifti *copy;
    v->nifti = NULL;
    v->owns_nifti = 0;
    if (!h) return MEDVOL_OK;
    copy = (mv_nifti *)mv__alloc(ctx, sizeof *h + h->ext_bytes);
    if (!copy) return MEDVOL_E_NOMEM;
    *copy = *h;
    copy->ext = h->ext_bytes ? (unsigned char *)(copy + 1) : NULL;
    if (h->ext_bytes) mv__memcpy(copy->ext, h->ext, h->ext_bytes);
    v->nifti = copy;
    v->owns_nifti = 1;
    return MEDVOL_OK;
}
MEDVOL_DEF void mv_volume_free(mv_ctx *ctx, mv_volume *v) {
    if (!v) return;
    mv__vol_release(ctx, v);
    mv__vol_drop_nifti(ctx, v);
    mv__memset(v, 0, sizeof *v);
}
static void mv__vol_copy_geometry(mv_volume *dst, const mv_volume *src) {
    mv__memcpy(dst->affine, src->affine, sizeof dst->affine);
    mv__memcpy(dst->step, src->step, sizeof dst->step);
    dst->slope = src->slope;
    dst->inter = src->inter;
}
static void mv__vol_move_origin(mv_volume *v, const double *ijk) { /* voxel ijk becomes voxel 0 */
    int r;
    for (r = 0; r < 3; r++)
        v->affine[4 * r + 3] +=
            v->affine[4 * r] * ijk[0] + v->affine[4 * r + 1] * ijk[1] + v->affine[4 * r + 2] * ijk[2];
}
MEDVOL_DEF mv_status mv_volume_view(mv_ctx *ctx, mv_volume *view, const mv_volume *src, const size_t *start,
                                    const size_t *size) {
    mv_volume w;
    double ijk[3] = {0, 0, 0};
    size_t offset = 0;
    int d;
    mv_status st;
    if (!view) return mv__fail_null(ctx, "volume_view", "view");
    if ((st = mv__vol_check(ctx, "volume_view", "src", src)) < 0) return st;
    if (!start || !size) return mv__fail_null(ctx, "volume_view", "start or size");
    w = *src;
    w.owner = NULL;
    w.map_bytes = 0;
    w.owns_nifti = 0;
    for (d = 0; d < src->ndim; d++) {
        if (size[d] == 0 || start[d] >= src->dim[d] || size[d] > src->dim[d] - start[d])
            return mv__fail(ctx, MEDVOL_E_RANGE, "start", (double)start[d], -1,
                            "volume_view: axis %d: start %zu, size %zu: must lie in 0..%zu", d, start[d],
                            size[d], src->dim[d]);
        w.dim[d] = size[d];
        offset += start[d] * (size_t)src->stride[d];
        if (d < 3) ijk[d] = (double)start[d];
    }
    w.data = (unsigned char *)src->data + offset * mv_dtype_size(src->dtype);
    mv__vol_move_origin(&w, ijk);
    *view = w;
    return MEDVOL_OK;
}

/* ---- destinations: one rule for all operations. mv__out_begin prepares `out`; the operation fills it and
   may change its geometry; mv__out_end hands it to dst or takes everything back. ---- */
enum { MV__OUT_INPLACE = 1 }; /* the operation may write where it reads */
static int mv__overlap(const void *a, size_t na, const void *b, size_t nb) {
    uintptr_t x = (uintptr_t)a, y = (uintptr_t)b;
    return x < y + nb && y < x + na;
}
static mv_status mv__out_begin(mv_ctx *ctx, const char *op, mv_volume *out, const mv_volume *dst,
                               const mv_volume *src, mv_dtype dtype, int ndim, const size_t *dim, int flags) {
    mv_status st;
    int inplace = (flags & MV__OUT_INPLACE) != 0, alloc, d;
    mv__memset(out, 0, sizeof *out);
    if (!dst) return mv__fail_null(ctx, op, "dst");
    if (dst == src)
        alloc = !(inplace && mv_dtype_size(dtype) == mv_dtype_size(src->dtype) &&
                  mv__vol_same_shape(src, ndim, dim));
    else alloc = dst->data == NULL;
    if (alloc) {
        if ((st = mv_volume_alloc(ctx, out, dtype, ndim, dim)) < 0) return st;
    } else {
        size_t size = mv_dtype_size(dtype);
        if ((st = mv__vol_check(ctx, op, "dst", dst)) < 0) return st;
        if (dst != src && dst->dtype != dtype)
            return mv__fail(ctx, MEDVOL_E_DTYPE, "dst", (double)dst->dtype, -1,
                            "%s: dst has type %s: the result is %s", op, mv_dtype_name(dst->dtype),
                            mv_dtype_name(dtype));
        if (!mv__vol_same_shape(dst, ndim, dim))
            return mv__fail(ctx, MEDVOL_E_SHAPE, "dst", (double)dst->dim[0], -1,
                            "%s: dst is %zu x %zu x %zu: the result is %zu x %zu x %zu", op, dst->dim[0],
                            dst->ndim > 1 ? dst->dim[1] : 1, dst->ndim > 2 ? dst->dim[2] : 1, dim[0],
                            ndim > 1 ? dim[1] : 1, ndim > 2 ? dim[2] : 1);
        *out = *dst;
        out->dtype = dtype;
        out->owner = NULL;
        out->map_bytes = 0;
        if (dst != src && mv__overlap(dst->data, mv__vol_extent(dst), src->data, mv__vol_extent(src))) {
            int same = inplace && dst->data == src->data && size == mv_dtype_size(src->dtype);
            for (d = 0; d < ndim; d++) same = same && (dim[d] == 1 || dst->stride[d] == src->stride[d]);
            if (!same) return mv__fail(ctx, MEDVOL_E_ALIAS, "dst", 0, -1, "%s: dst and src overlap", op);
        }
    }
    mv__vol_copy_geometry(out, src);
    if ((st = mv__vol_copy_nifti(ctx, out, src->nifti)) < 0) mv_volume_free(ctx, out);
    return st;
}
static mv_status mv__out_end(mv_ctx *ctx, mv_status st, mv_volume *out, mv_volume *dst) {
    if (st < 0) {
        mv_volume_free(ctx, out);
        return st;
    }
    if (out->data == dst->data) { /* dst's own memory: keep who owns it */
        out->owner = dst->owner;
        out->map_bytes = dst->map_bytes;
    } else mv__vol_release(ctx, dst);
    mv__vol_drop_nifti(ctx, dst);
    *dst = *out;
    return MEDVOL_OK;
}

/* ---- walking one or two volumes of the same shape as long runs, cut into jobs of
   about MV__CHUNK values ---- */
typedef struct mv__walk {
    size_t len, rows;            /* run length, number of runs */
    size_t pieces, group, njobs; /* pieces a run, or runs a job */
    int nd;
    size_t dim[7];
    ptrdiff_t sa[7], sb[7];
} mv__walk;
static void mv__walk_init(mv__walk *w, const mv_volume *a, const mv_volume *b) {
    int d;
    w->len = a->dim[0];
    w->rows = 1;
    w->nd = 0;
    for (d = 1; d < a->ndim; d++) {
        ptrdiff_t sb = b ? b->stride[d] : 0;
        if (a->dim[d] == 1) continue;
        if (w->nd == 0 && (size_t)a->stride[d] == w->len && (!b || (size_t)sb == w->len)) {
            w->len *= a->dim[d];
            continue;
        }
        w->dim[w->nd] = a->dim[d];
        w->sa[w->nd] = a->stride[d];
        w->sb[w->nd++] = sb;
        w->rows *= a->dim[d];
    }
    w->pieces = mv__divup(w->len, MV__CHUNK);
    w->group = w->pieces > 1 ? 1 : mv__maxz(1, MV__CHUNK / w->len);
    w->njobs = w->pieces > 1 ? w->pieces * w->rows : mv__divup(w->rows, w->group);
}
/* Job i: runs row..row_end - 1, values at..at + n - 1 of each. */
static void mv__walk_job(const mv__walk *w, size_t i, size_t *row, size_t *row_end, size_t *at, size_t *n) {
    if (w->pieces > 1) {
        *row = i / w->pieces;
        *row_end = *row + 1;
        *at = i % w->pieces * MV__CHUNK;
        *n = mv__minz(MV__CHUNK, w->len - *at);
    } else {
        *row = i * w->group;
        *row_end = mv__minz(w->rows, *row + w->group);
        *at = 0;
        *n = w->len;
    }
}
/* element offsets of a run */
static void mv__walk_row(const mv__walk *w, size_t row, size_t *oa, size_t *ob) {
    int d;
    *oa = *ob = 0;
    for (d = 0; d < w->nd; d++) {
        size_t k = row % w->dim[d];
        row /= w->dim[d];
        *oa += k * (size_t)w->sa[d];
        *ob += k * (size_t)w->sb[d];
    }
}

/* ---- conversion of a run ---- */
static void mv__cv_get_u32(double *d, const void *src, size_t n) {
    const uint32_t *s = (const uint32_t *)src;
    size_t i;
    for (i = 0; i < n; i++) d[i] = (double)s[i];
}
static void mv__cv_get_i64(double *d, const void *src, size_t n) {
    const int64_t *s = (const int64_t *)src;
    size_t i;
    for (i = 0; i < n; i++) d[i] = (double)s[i];
}
static void mv__cv_get_u64(double *d, const void *src, size_t n) {
    const uint64_t *s = (const uint64_t *)src;
    size_t i;
    for (i = 0; i < n; i++) d[i] = (double)s[i];
}
static void mv__cv_get_f64(double *d, const void *src, size_t n) { mv__memcpy(d, src, n * sizeof(double)); }
static void mv__cv_put_f64(void *dst, const double *s, size_t n) { mv__memcpy(dst, s, n * sizeof(double)); }
static void mv__cv_put_u32(void *dst, const double *s, size_t n) {
    uint32_t *d = (uint32_t *)dst;
    size_t i;
    for (i = 0; i < n; i++) d[i] = (uint32_t)mv__cv_whole(s[i], 0.0, 4294967295.0);
}
static void mv__cv_put_i64(void *dst, const double *s, size_t n) {
    int64_t *d = (int64_t *)dst;
    size_t i;
    for (i = 0; i < n; i++)
        d[i] = s[i] >= 9223372036854775808.0 ? INT64_MAX : s[i] < -9223372036854775808.0 ? INT64_MIN
             : s[i] != s[i] ? 0 : (int64_t)mv__rint(s[i]);
}
static void mv__cv_put_u64(void *dst, const double *s, size_t n) {
    uint64_t *d = (uint64_t *)dst;
    size_t i;
    for (i = 0; i < n; i++) {
        double r = mv__rint(s[i]);
        d[i] = r >= 18446744073709551616.0 ? UINT64_MAX : r > 0.0 ? (uint64_t)r : 0;
    }
}
static void mv__cv_put_f16(void *dst, const double *s, size_t n) {
    uint16_t *d = (uint16_t *)dst;
    size_t i;
    for (i = 0; i < n; i++) d[i] = mv__f32_to_f16(mv__cv_odd(s[i]));
}
static void mv__cv_put_bf16(void *dst, const double *s, size_t n) {
    uint16_t *d = (uint16_t *)dst;
    size_t i;
    for (i = 0; i < n; i++) d[i] = mv__f32_to_bf16(mv__cv_odd(s[i]));
}
typedef void (*mv__cv_get_fn)(double *dst, const void *src, size_t n);
typedef void (*mv__cv_put_fn)(void *dst, const double *src, size_t n);
static mv__cv_get_fn mv__cv_getter(mv_dtype t) {
    switch (t) {
        case MEDVOL_U8: return MV__PICK(mv__cv_get_u8);
        case MEDVOL_I8: return MV__PICK(mv__cv_get_i8);
        case MEDVOL_U16: return MV__PICK(mv__cv_get_u16);
        case MEDVOL_I16: return MV__PICK(mv__cv_get_i16);
        case MEDVOL_I32: return MV__PICK(mv__cv_get_i32);
        case MEDVOL_F16: return MV__PICK(mv__cv_get_f16);
        case MEDVOL_BF16: return MV__PICK(mv__cv_get_bf16);
        case MEDVOL_F32: return MV__PICK(mv__cv_get_f32);
        case MEDVOL_U32: return mv__cv_get_u32;
        case MEDVOL_I64: return mv__cv_get_i64;
        case MEDVOL_U64: return mv__cv_get_u64;
        default: return mv__cv_get_f64;
    }
}
static mv__cv_put_fn mv__cv_putter(mv_dtype t) {
    switch (t) {
        case MEDVOL_U8: return MV__PICK(mv__cv_put_u8);
        case MEDVOL_I8: return MV__PICK(mv__cv_put_i8);
        case MEDVOL_U16: return MV__PICK(mv__cv_put_u16);
        case MEDVOL_I16: return MV__PICK(mv__cv_put_i16);
        case MEDVOL_I32: return MV__PICK(mv__cv_put_i32);
        case MEDVOL_F32: return MV__PICK(mv__cv_put_f32);
        case MEDVOL_F16: return mv__cv_put_f16;
        case MEDVOL_BF16: return mv__cv_put_bf16;
        case MEDVOL_U32: return mv__cv_put_u32;
        case MEDVOL_I64: return mv__cv_put_i64;
        case MEDVOL_U64: return mv__cv_put_u64;
        default: return mv__cv_put_f64;
    }
}
/* Integers without scaling where one side has 64 bits: through int64, exact and saturated. */
static void mv__cv_integers(void *dst, mv_dtype dt, const void *src, mv_dtype st, size_t n) {
    size_t i;
    for (i = 0; i < n; i++) {
        int64_t v;
        switch (st) {
            case MEDVOL_U8: v = ((const uint8_t *)src)[i]; break;
            case MEDVOL_I8: v = ((const int8_t *)src)[i]; break;
            case MEDVOL_U16: v = ((const uint16_t *)src)[i]; break;
            case MEDVOL_I16: v = ((const int16_t *)src)[i]; break;
            case MEDVOL_U32: v = ((const uint32_t *)src)[i]; break;
            case MEDVOL_I32: v = ((const int32_t *)src)[i]; break;
            case MEDVOL_I64: v = ((const int64_t *)src)[i]; break;
            default:
                v = ((const uint64_t *)src)[i] > INT64_MAX ? INT64_MAX : (int64_t)((const uint64_t *)src)[i];
        }
        switch (dt) {
            case MEDVOL_U8: ((uint8_t *)dst)[i] = (uint8_t)(v < 0 ? 0 : v > 255 ? 255 : v); break;
            case MEDVOL_I8: ((int8_t *)dst)[i] = (int8_t)(v < -128 ? -128 : v > 127 ? 127 : v); break;
            case MEDVOL_U16: ((uint16_t *)dst)[i] = (uint16_t)(v < 0 ? 0 : v > 65535 ? 65535 : v); break;
            case MEDVOL_I16:
                ((int16_t *)dst)[i] = (int16_t)(v < -32768 ? -32768 : v > 32767 ? 32767 : v);
                break;
            case MEDVOL_U32:
                ((uint32_t *)dst)[i] = (uint32_t)(v < 0 ? 0 : v > 4294967295 ? 4294967295 : v);
                break;
            case MEDVOL_I32:
                ((int32_t *)dst)[i] = (int32_t)(v < -2147483647 - 1 ? -2147483647 - 1
                                                : v > 2147483647    ? 2147483647
                                                                    : v);
                break;
            case MEDVOL_I64: ((int64_t *)dst)[i] = v; break;
            default: ((uint64_t *)dst)[i] = v < 0 ? 0 : (uint64_t)v;
        }
    }
}
/* 42 bits to odd, then one rounding */
static void mv__cv_wide_bf16(uint16_t *d, const void *src, mv_dtype st, size_t n) {
    size_t i;
    for (i = 0; i < n; i++) {
        uint64_t u = ((const uint64_t *)src)[i], neg = st == MEDVOL_I64 && u >> 63;
        double x;
        if (neg) u = mv__magnitude((int64_t)u);
        if (u >> 53) u = (u & ~(uint64_t)2047) | (u & 2047 ? 2048u : 0u);
        x = (double)u;
        d[i] = mv__f32_to_bf16(mv__cv_odd(neg ? -x : x));
    }
}
/* 64-bit integers: one rounding */
static void mv__cv_wide_f32(float *d, const void *src, mv_dtype st, size_t n) {
    size_t i;
    if (st == MEDVOL_I64) for (i = 0; i < n; i++) d[i] = (float)((const int64_t *)src)[i];
    else for (i = 0; i < n; i++) d[i] = (float)((const uint64_t *)src)[i];
}
static int mv__cv_to_f32(float *d, const void *s, mv_dtype t, size_t n, double slope, double inter,
                         int scaled, int nt) {
    switch (t) {
#define MV__X(T, name, type)                                                               \
    case MEDVOL_##T:                                                                       \
        MV__PICK(mv__cv_f32_from_##name)(d, (const type *)s, n, slope, inter, scaled, nt); \
        return 1;
        MV__X(U8, u8, uint8_t) MV__X(I8, i8, int8_t) MV__X(U16, u16, uint16_t) MV__X(I16, i16, int16_t)
        MV__X(I32, i32, int32_t) MV__X(F32, f32, float) MV__X(F16, f16, uint16_t) MV__X(BF16, bf16, uint16_t)
        MV__X(F64, f64, double)
#undef MV__X
        default: return 0;
    }
}
static int mv__cv_from_f32(void *d, mv_dtype t, const float *s, size_t n, double slope, double inter,
                           int scaled, int nt) {
    switch (t) {
#define MV__X(T, name, type) \
    case MEDVOL_##T: MV__PICK(mv__cv_##name##_from_f32)((type *)d, s, n, slope, inter, scaled, nt); return 1;
        MV__X(U8, u8, uint8_t)
        MV__X(I8, i8, int8_t) MV__X(U16, u16, uint16_t) MV__X(I16, i16, int16_t) MV__X(I32, i32, int32_t)
        MV__X(F64, f64, double)
#undef MV__X
            default : return 0;
    }
}
/* n real values of any type to any type; nt as in the kernels. dst may be src when the
   element sizes agree. */
static void mv__cv_run(void *dst, mv_dtype dt, const void *src, mv_dtype st, size_t n, double slope,
                       double inter, int nt) {
    int scaled = mv__scaled(slope, inter);
    int wide = st == MEDVOL_I64 || st == MEDVOL_U64 || dt == MEDVOL_I64 || dt == MEDVOL_U64;
    double block[MV__CV_BLOCK];
    size_t i, ds = mv_dtype_size(dt), ss = mv_dtype_size(st);
    mv__cv_get_fn get;
    mv__cv_put_fn put;
    if (!scaled && dt == st) {
        if (dst != src) mv__memcpy(dst, src, n * ds);
        return;
    }
    if (!scaled && wide && mv__is_integer(dt) && mv__is_integer(st)) {
        mv__cv_integers(dst, dt, src, st, n);
        return;
    }
    if (!scaled && wide && dt == MEDVOL_F32 && mv__is_integer(st)) {
        mv__cv_wide_f32((float *)dst, src, st, n);
        return;
    }
    if (!scaled && wide && dt == MEDVOL_BF16) { mv__cv_wide_bf16((uint16_t *)dst, src, st, n); return; }
    if (dt == MEDVOL_F32 && mv__cv_to_f32((float *)dst, src, st, n, slope, inter, scaled, nt)) return;
    if (st == MEDVOL_F32 && mv__cv_from_f32(dst, dt, (const float *)src, n, slope, inter, scaled, nt)) return;
    if (!scaled && st == MEDVOL_F32 && dt == MEDVOL_F16) {
        MV__PICK(mv__cv_f16_from_f32)((uint16_t *)dst, (const float *)src, n);
        return;
    }
    if (!scaled && st == MEDVOL_F32 && dt == MEDVOL_BF16) {
        MV__PICK(mv__cv_bf16_from_f32)((uint16_t *)dst, (const float *)src, n);
        return;
    }
    get = mv__cv_getter(st);
    put = mv__cv_putter(dt);
    for (i = 0; i < n; i += MV__CV_BLOCK) {
        size_t m = mv__minz(MV__CV_BLOCK, n - i);
        get(block, (const unsigned char *)src + i * ss, m);
        if (scaled) MV__PICK(mv__cv_scale)(block, m, slope, inter);
        put((unsigned char *)dst + i * ds, block, m);
    }
}
typedef struct mv__cv_arg {
    mv__walk walk;
    unsigned char *dst;
    const unsigned char *src;
    mv_dtype dt, st;
    double slope, inter;
    size_t parts; /* values an element: 2 for complex */
    int raw, nt;
} mv__cv_arg;
static void mv__cv_job(void *arg, size_t job) {
    const mv__cv_arg *g = (const mv__cv_arg *)arg;
    size_t row, end, at, n, oa, ob, ds = mv_dtype_size(g->dt), ss = mv_dtype_size(g->st);
    for (mv__walk_job(&g->walk, job, &row, &end, &at, &n); row < end; row++) {
        mv__walk_row(&g->walk, row, &oa, &ob);
        if (g->raw) mv__memmove(g->dst + (oa + at) * ds, g->src + (ob + at) * ss, n * ds);
        else
            mv__cv_run(g->dst + (oa + at) * ds * g->parts, g->dt, g->src + (ob + at) * ss * g->parts, g->st,
                       n * g->parts, g->slope, g->inter, g->nt);
    }
}
static mv_dtype mv__cv_part(mv_dtype t) {
    return t == MEDVOL_C64 ? MEDVOL_F32 : t == MEDVOL_C128 ? MEDVOL_F64 : t;
}
/* Streaming stores, not in place. As long as the last cache holds both sides the result is better left there;
   what is read counts twice, for the result drives it out. */
static int mv__cv_nt(const mv_volume *out, const mv_volume *src) {
    return out->data != src->data && mv__vol_extent(out) + 2 * mv__vol_extent(src) > 8 * MV__NT_BYTES;
}
/* out and src have one shape; slope and inter apply on the way. */
static mv_status mv__cv_volume(mv_ctx *ctx, mv_volume *out, const mv_volume *src, double slope,
                               double inter) {
    mv__cv_arg g;
    mv__walk_init(&g.walk, out, src);
    g.dst = (unsigned char *)out->data;
    g.src = (const unsigned char *)src->data;
    g.raw = out->dtype == src->dtype && !mv__scaled(slope, inter);
    g.parts = mv__is_complex(src->dtype) && !g.raw ? 2 : 1;
    g.dt = g.raw ? out->dtype : mv__cv_part(out->dtype);
    g.st = g.raw ? src->dtype : mv__cv_part(src->dtype);
    g.slope = slope;
    g.inter = inter;
    g.nt = mv__cv_nt(out, src);
    if (g.raw && g.dst == g.src) return MEDVOL_OK;
    return mv_parallel_for(ctx, g.walk.njobs, mv__cv_job, &g, g.raw ? "copy" : "convert");
}
MEDVOL_DEF mv_status mv_volume_copy(mv_ctx *ctx, mv_volume *dst, const mv_volume *src) {
    mv_volume out;
    mv_status st = mv__vol_check(ctx, "volume_copy", "src", src);
    if (st < 0) return st;
    if (dst == src) return MEDVOL_OK;
    st = mv__out_begin(ctx, "volume_copy", &out, dst, src, src->dtype, src->ndim, src->dim, 0);
    if (st < 0) return st;
    return mv__out_end(ctx, mv__cv_volume(ctx, &out, src, 1.0, 0.0), &out, dst);
}
MEDVOL_DEF mv_status mv_convert(mv_ctx *ctx, mv_volume *dst, const mv_volume *src, mv_dtype dtype,
                                const mv_convert_opt *opt) {
    mv_volume out;
    double slope, inter, os = opt ? opt->slope : 0.0, oi = opt ? opt->inter : 0.0;
    int keep = opt && opt->keep_scaling;
    mv_status st = mv__vol_check(ctx, "convert", "src", src);
    if (st < 0) return st;
    if (!dst) return mv__fail_null(ctx, "convert", "dst");
    if (dtype == MEDVOL_NONE) dtype = dst->data ? dst->dtype : src->dtype;
    if (!(dtype == src->dtype || (mv__is_real(dtype) && mv__is_real(src->dtype)) ||
          (mv__is_complex(dtype) && mv__is_complex(src->dtype))))
        return mv__fail(ctx, MEDVOL_E_DTYPE, "dtype", (double)dtype, -1,
                        "convert: from %s to %s: not defined", mv_dtype_name(src->dtype),
                        mv_dtype_name(dtype));
    if (!mv__finite(os) || !mv__finite(oi))
        return mv__fail(ctx, MEDVOL_E_RANGE, "slope", os, -1,
                        "convert: slope = %g, inter = %g: must be finite", os, oi);
    if (os != 0.0 && (keep || !mv__is_integer(dtype)))
        return mv__fail(ctx, MEDVOL_E_RANGE, "slope", os, -1,
                        "convert: a slope is for integer types without keep_scaling");
    mv__vol_scaling(src, &slope, &inter);
    if (keep) slope = 1.0, inter = 0.0;
    if (os != 0.0) { /* stored = (real - oi) / os */
        slope /= os;
        inter = (inter - oi) / os;
        if (!mv__finite(slope) || slope == 0.0 || !mv__finite(inter))
            return mv__fail(ctx, MEDVOL_E_RANGE, "slope", os, -1,
                            "convert: slope = %g, inter = %g: out of reach of a double", os, oi);
    }
    st = mv__out_begin(ctx, "convert", &out, dst, src, dtype, src->ndim, src->dim, MV__OUT_INPLACE);
    if (st < 0) return st;
    if (!keep) {
        out.slope = os != 0.0 ? os : 1.0;
        out.inter = os != 0.0 ? oi : 0.0;
    }
    return mv__out_end(ctx, mv__cv_volume(ctx, &out, src, slope, inter), &out, dst);
}
MEDVOL_DEF mv_status mv_convert_array(mv_ctx *ctx, void *dst, mv_dtype dst_type, const void *src,
                                      mv_dtype src_type, size_t n, double slope, double inter) {
    mv_volume d, s;
    mv_status st;
    if (!dst || !src) return mv__fail_null(ctx, "convert_array", !dst ? "dst" : "src");
    if (!mv__is_real(dst_type) || !mv__is_real(src_type))
        return mv__fail(ctx, MEDVOL_E_DTYPE, "dtype", (double)(mv__is_real(dst_type) ? src_type : dst_type),
                        -1, "convert_array: from %s to %s: both must be integer or real types",
                        mv_dtype_name(src_type), mv_dtype_name(dst_type));
    if ((st = mv_volume_wrap(ctx, &d, dst, dst_type, 1, &n, NULL)) < 0) return st;
    mv__vol_init(&s, src_type, 1, &n);
    s.data = (void *)(uintptr_t)src;
    if ((st = mv__vol_check(ctx, "convert_array", "src", &s)) < 0) return st;
    if (mv__overlap(dst, mv__vol_extent(&d), src, mv__vol_extent(&s)) &&
        !(dst == src && mv_dtype_size(dst_type) == mv_dtype_size(src_type)))
        return mv__fail(ctx, MEDVOL_E_ALIAS, "dst", 0, -1, "convert_array: dst and src overlap");
    return mv__cv_volume(ctx, &d, &s, slope, inter);
}

/* ---- affine geometry ---- */
MEDVOL_DEF void mv_affine_identity(double *a) {
    int i;
    for (i = 0; i < 12; i++) a[i] = i % 5 == 0 ? 1.0 : 0.0;
}
MEDVOL_DEF void mv_affine_from_spacing(double *a, const double *spacing, const double *origin) {
    int r;
    mv_affine_identity(a);
    for (r = 0; r < 3; r++) {
        a[5 * r] = spacing[r];
        a[4 * r + 3] = origin ? origin[r] : 0.0;
    }
}
MEDVOL_DEF void mv_affine_mul(double *out, const double *a, const double *b) {
    double t[12];
    int r, c;
    for (r = 0; r < 3; r++)
        for (c = 0; c < 4; c++)
            t[4 * r + c] = a[4 * r] * b[c] + a[4 * r + 1] * b[4 + c] + a[4 * r + 2] * b[8 + c] +
                           (c == 3 ? a[4 * r + 3] : 0.0);
    mv__memcpy(out, t, sizeof t);
}
MEDVOL_DEF double mv_affine_det(const double *a) {
    return a[0] * (a[5] * a[10] - a[6] * a[9]) - a[1] * (a[4] * a[10] - a[6] * a[8]) +
           a[2] * (a[4] * a[9] - a[5] * a[8]);
}
MEDVOL_DEF void mv_affine_spacing(double *spacing, const double *a) {
    int c;
    for (c = 0; c < 3; c++) spacing[c] = sqrt(a[c] * a[c] + a[4 + c] * a[4 + c] + a[8 + c] * a[8 + c]);
}
MEDVOL_DEF mv_status mv_affine_invert(double *out, const double *a) {
    double t[12], s[3], det = mv_affine_det(a);
    int r, c;
    mv_affine_spacing(s, a);
    if (!mv__finite(det) || !(fabs(det) > 1e-12 * s[0] * s[1] * s[2])) return MEDVOL_E_SINGULAR;
    for (r = 0; r < 3; r++)
        for (c = 0; c < 3; c++) { /* cofactor of (c, r) */
            int p = (c + 1) % 3, q = (c + 2) % 3, u = (r + 1) % 3, v = (r + 2) % 3;
            t[4 * r + c] = (a[4 * p + u] * a[4 * q + v] - a[4 * p + v] * a[4 * q + u]) / det;
        }
    for (r = 0; r < 3; r++) {
        t[4 * r + 3] = -(t[4 * r] * a[3] + t[4 * r + 1] * a[7] + t[4 * r + 2] * a[11]);
        if (!mv__finite(t[4 * r + 3])) return MEDVOL_E_SINGULAR;
    }
    mv__memcpy(out, t, sizeof t);
    return MEDVOL_OK;
}
/* One Jacobi rotation of the symmetric s that clears s[p][q]; v collects the rotations. */
static void mv__af_rotate(double s[3][3], double v[3][3], int p, int q) {
    double theta, t, c, n;
    int k;
    if (s[p][q] == 0.0) return;
    theta = (s[q][q] - s[p][p]) / (2.0 * s[p][q]);
    t = (theta < 0.0 ? -1.0 : 1.0) / (fabs(theta) + sqrt(theta * theta + 1.0));
    c = 1.0 / sqrt(t * t + 1.0);
    n = t * c;
    for (k = 0; k < 3; k++) {
        double x = s[k][p], y = s[k][q];
        s[k][p] = c * x - n * y;
        s[k][q] = n * x + c * y;
    }
    for (k = 0; k < 3; k++) {
        double x = s[p][k], y = s[q][k];
        s[p][k] = c * x - n * y;
        s[q][k] = n * x + c * y;
        x = v[k][p];
        y = v[k][q];
        v[k][p] = c * x - n * y;
        v[k][q] = n * x + c * y;
    }
}
/* Nearest orthonormal matrix to the columns of a, scaled to unit length: M V diag(1/sigma) V^T, directions
   without extent left out. Row r column c of the result at r3[3 * r + c]. */
static void mv__af_polar(double *r3, const double *a) {
    double m[3][3], s[3][3], v[3][3] = {{1, 0, 0}, {0, 1, 0}, {0, 0, 1}}, len[3], w[3];
    int i, j, k, sweep;
    mv_affine_spacing(len, a);
    for (i = 0; i < 3; i++)
        for (j = 0; j < 3; j++) m[i][j] = a[4 * i + j] / (len[j] > 0.0 ? len[j] : 1.0);
    for (i = 0; i < 3; i++)
        for (j = 0; j < 3; j++) s[i][j] = m[0][i] * m[0][j] + m[1][i] * m[1][j] + m[2][i] * m[2][j];
    for (sweep = 0; sweep < 12; sweep++) {
        mv__af_rotate(s, v, 0, 1);
        mv__af_rotate(s, v, 0, 2);
        mv__af_rotate(s, v, 1, 2);
    }
    for (k = 0; k < 3; k++) w[k] = s[k][k] > 1e-14 ? 1.0 / sqrt(s[k][k]) : 0.0;
    for (i = 0; i < 3; i++)
        for (j = 0; j < 3; j++) {
            double t = 0.0;
            for (k = 0; k < 3; k++)
                t += (m[i][0] * v[0][k] + m[i][1] * v[1][k] + m[i][2] * v[2][k]) * w[k] * v[j][k];
            r3[3 * i + j] = t;
        }
}
MEDVOL_DEF void mv_affine_from_qform(double *a, const double *bcd, const double *offset,
                                     const double *spacing, double qfac) {
    double b = bcd[0], c = bcd[1], d = bcd[2], n = b * b + c * c + d * d, w, k[3];
    int r;
    if (n > 1.0) {
        double s = 1.0 / sqrt(n);
        b *= s, c *= s, d *= s;
        n = 1.0;
    }
    w = sqrt(1.0 - n);
    k[0] = spacing[0], k[1] = spacing[1], k[2] = qfac < 0.0 ? -spacing[2] : spacing[2];
    a[0] = (w * w + b * b - c * c - d * d) * k[0];
    a[1] = 2.0 * (b * c - w * d) * k[1];
    a[2] = 2.0 * (b * d + w * c) * k[2];
    a[4] = 2.0 * (b * c + w * d) * k[0];
    a[5] = (w * w + c * c - b * b - d * d) * k[1];
    a[6] = 2.0 * (c * d - w * b) * k[2];
    a[8] = 2.0 * (b * d - w * c) * k[0];
    a[9] = 2.0 * (c * d + w * b) * k[1];
    a[10] = (w * w + d * d - c * c - b * b) * k[2];
    for (r = 0; r < 3; r++) a[4 * r + 3] = offset[r];
}
MEDVOL_DEF double mv_affine_to_qform(const double *a, double *bcd, double *offset, double *spacing,
                                     double *qfac) {
    double r[9], q[4], back[12], worst = 0.0, n;
    int i, big = 0;
    mv_affine_spacing(spacing, a);
    mv__af_polar(r, a);
    *qfac = 1.0;
    n = r[0] * (r[4] * r[8] - r[5] * r[7]) - r[1] * (r[3] * r[8] - r[5] * r[6]) +
        r[2] * (r[3] * r[7] - r[4] * r[6]);
    if (n < 0.0) { /* a reflection: NIfTI turns the third axis */
        *qfac = -1.0;
        for (i = 0; i < 3; i++) r[3 * i + 2] = -r[3 * i + 2];
    }
    /* four squares of the components, times 4; divide by the largest */
    q[0] = 1.0 + r[0] + r[4] + r[8];
    q[1] = 1.0 + r[0] - r[4] - r[8];
    q[2] = 1.0 - r[0] + r[4] - r[8];
    q[3] = 1.0 - r[0] - r[4] + r[8];
    for (i = 1; i < 4; i++)
        if (q[i] > q[big]) big = i;
    n = 2.0 * sqrt(q[big] > 0.0 ? q[big] : 1.0);
    if (big == 0) q[0] = n / 4, q[1] = (r[7] - r[5]) / n, q[2] = (r[2] - r[6]) / n, q[3] = (r[3] - r[1]) / n;
    else if (big == 1)
        q[1] = n / 4, q[0] = (r[7] - r[5]) / n, q[2] = (r[1] + r[3]) / n, q[3] = (r[2] + r[6]) / n;
    else if (big == 2)
        q[2] = n / 4, q[0] = (r[2] - r[6]) / n, q[1] = (r[1] + r[3]) / n, q[3] = (r[5] + r[7]) / n;
    else q[3] = n / 4, q[0] = (r[3] - r[1]) / n, q[1] = (r[2] + r[6]) / n, q[2] = (r[5] + r[7]) / n;
    for (i = 0; i < 3; i++) {
        bcd[i] = q[0] < 0.0 ? -q[i + 1] : q[i + 1];
        offset[i] = a[4 * i + 3];
    }
    mv_affine_from_qform(back, bcd, offset, spacing, *qfac);
    for (i = 0; i < 12; i++) worst = fabs(back[i] - a[i]) > worst ? fabs(back[i] - a[i]) : worst;
    return worst;
}
MEDVOL_DEF void mv_affine_orientation(const double *a, int *axis, int *sign) {
    double r[9];
    int c, k, best;
    mv__af_polar(r, a);
    for (c = 0; c < 3; c++) {
        for (best = 0, k = 1; k < 3; k++)
            if (fabs(r[3 * k + c]) > fabs(r[3 * best + c])) best = k;
        if (!(fabs(r[3 * best + c]) > 1e-8)) {
            axis[c] = -1;
            sign[c] = 0;
            continue;
        }
        axis[c] = best;
        sign[c] = r[3 * best + c] < 0.0 ? -1 : 1;
        for (k = 0; k < 3; k++) r[3 * best + k] = 0.0; /* each world axis once */
    }
}
MEDVOL_DEF void mv_affine_apply(double *out, const double *a, const double *p) {
    double t[3];
    int r;
    for (r = 0; r < 3; r++) t[r] = a[4 * r] * p[0] + a[4 * r + 1] * p[1] + a[4 * r + 2] * p[2] + a[4 * r + 3];
    for (r = 0; r < 3; r++) out[r] = t[r];
}
typedef struct mv__af_arg {
    const double *a, *x, *y, *z;
    double *xo, *yo, *zo;
    size_t n;
} mv__af_arg;
static void mv__af_job(void *arg, size_t job) {
    const mv__af_arg *g = (const mv__af_arg *)arg;
    size_t o = job * MV__CHUNK, n = mv__minz(MV__CHUNK, g->n - o);
    MV__PICK(mv__af_points)(g->a, g->xo + o, g->yo + o, g->zo + o, g->x + o, g->y + o, g->z + o, n);
}
MEDVOL_DEF mv_status mv_affine_apply_points(mv_ctx *ctx, const double *a, double *xo, double *yo, double *zo,
                                            const double *x, const double *y, const double *z, size_t n) {
    mv__af_arg g;
    if (!a) return mv__fail_null(ctx, "affine_apply_points", "a");
    if (!xo || !yo || !zo || !x || !y || !z)
        return mv__fail_null(ctx, "affine_apply_points", "a coordinate array");
    g.a = a, g.x = x, g.y = y, g.z = z, g.xo = xo, g.yo = yo, g.zo = zo, g.n = n;
    return mv_parallel_for(ctx, mv__divup(n, MV__CHUNK), mv__af_job, &g, "points");
}
MEDVOL_DEF mv_status mv_voxel_to_world(const mv_volume *v, double *world, const double *voxel) {
    if (!v || !world || !voxel) return MEDVOL_E_NULL;
    mv_affine_apply(world, v->affine, voxel);
    return MEDVOL_OK;
}
MEDVOL_DEF mv_status mv_world_to_voxel(const mv_volume *v, double *voxel, const double *world) {
    double inverse[12];
    if (!v || !world || !voxel) return MEDVOL_E_NULL;
    if (mv_affine_invert(inverse, v->affine) < 0) return MEDVOL_E_SINGULAR;
    mv_affine_apply(voxel, inverse, world);
    return MEDVOL_OK;
}
MEDVOL_DEF void mv_spacing(const mv_volume *v, double *spacing) {
    if (v && spacing) mv_affine_spacing(spacing, v->affine);
}
MEDVOL_DEF void mv_orientation(const mv_volume *v, char *code) {
    int axis[3] = {-1, -1, -1}, sign[3] = {0, 0, 0}, i;
    if (!code) return;
    if (v) mv_affine_orientation(v->affine, axis, sign);
    for (i = 0; i < 3; i++) code[i] = axis[i] < 0 ? '?' : (sign[i] > 0 ? "RAS" : "LPI")[axis[i]];
    code[3] = 0;
}
#endif

/* ==== [GZIP] CRC-32, inflate, deflate, gzip members, block gzip. Owns mv__gz_*. Source: RFC 1950 to 1952,
   SAM 4.1. ==== */
#ifndef MEDVOL_NO_GZIP
#ifdef MV__PASS
#if MV__PASS == 1 /* types and plain helpers, once */
#define MV__GZ_LBITS 12   /* index bits of the literal/length table: 16 KiB, leaves room in L1 */
#define MV__GZ_DBITS 9
/* a subtable of 2^k entries holds at least k + 1 of the 288 codes, k <= 3 (4 from 2048) */
#define MV__GZ_LSIZE (4096 + 576)
#define MV__GZ_DSIZE (512 + 640)  /* the same for 32 codes, k <= 6, rounded up */
/* output room that one turn of the fast loop may need: 3 x 4 + 258 + a copy's overrun */
#define MV__GZ_SLACK 320
#define MV__GZ_INSLACK 40 /* input bytes that it may look at */
#define MV__GZ_WINDOW 32768u
/* Table entry, low to high: 6 bits to drop (codes and extra bits), 2 bits number of literals; then up to
   three literals, or, when that number is 0: 4 bits length of the codes, 4 flags, and 16 bits: subtable
   offset, base distance, or 8 bits base length - 3 and a literal that goes before the match (flag FIRST). But
   for SUB and EOB entries the six bits from the code length on are the shift that leaves the extra bits. */
#define MV__GZ_LIT(e) ((e) & 0xC0u)
#define MV__GZ_CODE(e) ((e) >> 8 & 15u)
#define MV__GZ_SUB 0x1000u
#define MV__GZ_EOB 0x2000u
#define MV__GZ_FIRST 0x4000u
#define MV__GZ_SPECIAL 0x8000u /* always with one of the two, or alone: no such code */
enum { MV__GZ_NEAR = 0, MV__GZ_BLOCKEND = 1, MV__GZ_E_SYM = 2, MV__GZ_E_DSYM = 3, MV__GZ_E_FAR = 4 };

typedef struct {
    const uint8_t *in, *in_end;
    uint8_t *out, *soft, *hard; /* hand over once soft is reached; never write at or behind hard */
    const uint8_t *hist;        /* the first byte that a distance may reach */
    uint64_t bits;
    uint32_t nbits, lmask;
    int eof, state, last, fixed; /* eof: nothing follows in_end; fixed: the tables hold the fixed codes */
    uint32_t len, dist;         /* a copy that did not fit */
    uint32_t lits, nlits;       /* literals that did not fit */
    uint32_t stored;
    const char *why;
    uint8_t lens[320];
    uint32_t lit[MV__GZ_LSIZE], dis[MV__GZ_DSIZE];
    uint32_t low[1 << (MV__GZ_LBITS - 1)], list[2 << (MV__GZ_LBITS - 1)]; /* work space of the joins */
} mv__gz_inf;

/* Tokens of a block. Low 9 bits: literal, or 256 + length - 3; 5 bits distance symbol (30: none); 13 bits
   extra distance bits. With the top bit set: a run of that many literals, the next word is its offset from
   the block's start. */
#define MV__GZ_NODIST (30u << 9)
#define MV__GZ_RUN 0x80000000u
#define MV__GZ_TOKENS 32768u
#define MV__GZ_HASH1 13
#define MV__GZ_GROUP 32 /* places at level 1 that are looked up together */
#define MV__GZ_HASH4 16
#define MV__GZ_BLOCK ((size_t)1 << 17) /* source bytes after which a block ends */
typedef struct {
    const uint8_t *src;
    size_t n, pos, block;      /* bytes in this stretch, next byte, start of the block */
    size_t ntok;
    uint32_t lf[512], df[32];  /* counts by token field */
    /* lcode: code and extra << 8 | bits; dcode: code << 16 | all bits << 8 | code bits */
    uint32_t lcode[512], dcode[32];
    uint32_t *tok, *head, *head3, *prev;
    uint16_t *head16;          /* level 1 */
    uint8_t *out, *out_end;
    uint64_t bits;
    uint32_t nbits;
    int level;
} mv__gz_def;

/* What level 1 knows of each place of a group: how far back its candidate is (0 or more: none). From AVX2 on
   also the choice between its match and the next one's, as the places where that begins and ends (seven bytes
   at most), and the distance as part of a token. */
typedef struct {
    uint32_t dist[MV__GZ_GROUP];
    uint8_t start[MV__GZ_GROUP], end[MV__GZ_GROUP];
    int16_t back[MV__GZ_GROUP + 2];
} mv__gz_group;

static inline uint32_t mv__gz_disttok(uint32_t dist) { /* symbol << 9 | extra << 14 */
    uint32_t x = dist - 1, hb = 63u - (uint32_t)mv__clz64(x | 2);
    return (2 * hb + (x >> (hb - 1) & 1) - (x < 2 ? 2u : 0u)) << 9 | (x & ((1u << (hb - 1)) - 1)) << 14;
}
/* distances 1..7: a word of whole repeats is the low bytes times this; it may be stored every step bytes */
static const uint64_t mv__gz_rep[8] = { 0, 0x0101010101010101u, 0x0001000100010001u, 0x0001000001000001u,
    0x0000000100000001u, 0x0000010000000001u, 0x0001000000000001u, 0x0100000000000001u };
static const uint8_t mv__gz_step[8] = { 8, 8, 8, 6, 8, 5, 6, 7 };

static const uint32_t mv__gz_crctab[256] = {
    0x00000000u, 0x77073096u, 0xee0e612cu, 0x990951bau, 0x076dc419u, 0x706af48fu, 0xe963a535u, 0x9e6495a3u,
    0x0edb8832u, 0x79dcb8a4u, 0xe0d5e91eu, 0x97d2d988u, 0x09b64c2bu, 0x7eb17cbdu, 0xe7b82d07u, 0x90bf1d91u,
    0x1db71064u, 0x6ab020f2u, 0xf3b97148u, 0x84be41deu, 0x1adad47du, 0x6ddde4ebu, 0xf4d4b551u, 0x83d385c7u,
    0x136c9856u, 0x646ba8c0u, 0xfd62f97au, 0x8a65c9ecu, 0x14015c4fu, 0x63066cd9u, 0xfa0f3d63u, 0x8d080df5u,
    0x3b6e20c8u, 0x4c69105eu, 0xd56041e4u, 0xa2677172u, 0x3c03e4d1u, 0x4b04d447u, 0xd20d85fdu, 0xa50ab56bu,
    0x35b5a8fau, 0x42b2986cu, 0xdbbbc9d6u, 0xacbcf940u, 0x32d86ce3u, 0x45df5c75u, 0xdcd60dcfu, 0xabd13d59u,
    0x26d930acu, 0x51de003au, 0xc8d75180u, 0xbfd06116u, 0x21b4f4b5u, 0x56b3c423u, 0xcfba9599u, 0xb8bda50fu,
    0x2802b89eu, 0x5f058808u, 0xc60cd9b2u, 0xb10be924u, 0x2f6f7c87u, 0x58684c11u, 0xc1611dabu, 0xb6662d3du,
    0x76dc4190u, 0x01db7106u, 0x98d220bcu, 0xefd5102au, 0x71b18589u, 0x06b6b51fu, 0x9fbfe4a5u, 0xe8b8d433u,
    0x7807c9a2u, 0x0f00f934u, 0x9609a88eu, 0xe10e9818u, 0x7f6a0dbbu, 0x086d3d2du, 0x91646c97u, 0xe6635c01u,
    0x6b6b51f4u, 0x1c6c6162u, 0x856530d8u, 0xf262004eu, 0x6c0695edu, 0x1b01a57bu, 0x8208f4c1u, 0xf50fc457u,
    0x65b0d9c6u, 0x12b7e950u, 0x8bbeb8eau, 0xfcb9887cu, 0x62dd1ddfu, 0x15da2d49u, 0x8cd37cf3u, 0xfbd44c65u,
    0x4db26158u, 0x3ab551ceu, 0xa3bc0074u, 0xd4bb30e2u, 0x4adfa541u, 0x3dd895d7u, 0xa4d1c46du, 0xd3d6f4fbu,
    0x4369e96au, 0x346ed9fcu, 0xad678846u, 0xda60b8d0u, 0x44042d73u, 0x33031de5u, 0xaa0a4c5fu, 0xdd0d7cc9u,
    0x5005713cu, 0x270241aau, 0xbe0b1010u, 0xc90c2086u, 0x5768b525u, 0x206f85b3u, 0xb966d409u, 0xce61e49fu,
    0x5edef90eu, 0x29d9c998u, 0xb0d09822u, 0xc7d7a8b4u, 0x59b33d17u, 0x2eb40d81u, 0xb7bd5c3bu, 0xc0ba6cadu,
    0xedb88320u, 0x9abfb3b6u, 0x03b6e20cu, 0x74b1d29au, 0xead54739u, 0x9dd277afu, 0x04db2615u, 0x73dc1683u,
    0xe3630b12u, 0x94643b84u, 0x0d6d6a3eu, 0x7a6a5aa8u, 0xe40ecf0bu, 0x9309ff9du, 0x0a00ae27u, 0x7d079eb1u,
    0xf00f9344u, 0x8708a3d2u, 0x1e01f268u, 0x6906c2feu, 0xf762575du, 0x806567cbu, 0x196c3671u, 0x6e6b06e7u,
    0xfed41b76u, 0x89d32be0u, 0x10da7a5au, 0x67dd4accu, 0xf9b9df6fu, 0x8ebeeff9u, 0x17b7be43u, 0x60b08ed5u,
    0xd6d6a3e8u, 0xa1d1937eu, 0x38d8c2c4u, 0x4fdff252u, 0xd1bb67f1u, 0xa6bc5767u, 0x3fb506ddu, 0x48b2364bu,
    0xd80d2bdau, 0xaf0a1b4cu, 0x36034af6u, 0x41047a60u, 0xdf60efc3u, 0xa867df55u, 0x316e8eefu, 0x4669be79u,
    0xcb61b38cu, 0xbc66831au, 0x256fd2a0u, 0x5268e236u, 0xcc0c7795u, 0xbb0b4703u, 0x220216b9u, 0x5505262fu,
    0xc5ba3bbeu, 0xb2bd0b28u, 0x2bb45a92u, 0x5cb36a04u, 0xc2d7ffa7u, 0xb5d0cf31u, 0x2cd99e8bu, 0x5bdeae1du,
    0x9b64c2b0u, 0xec63f226u, 0x756aa39cu, 0x026d930au, 0x9c0906a9u, 0xeb0e363fu, 0x72076785u, 0x05005713u,
    0x95bf4a82u, 0xe2b87a14u, 0x7bb12baeu, 0x0cb61b38u, 0x92d28e9bu, 0xe5d5be0du, 0x7cdcefb7u, 0x0bdbdf21u,
    0x86d3d2d4u, 0xf1d4e242u, 0x68ddb3f8u, 0x1fda836eu, 0x81be16cdu, 0xf6b9265bu, 0x6fb077e1u, 0x18b74777u,
    0x88085ae6u, 0xff0f6a70u, 0x66063bcau, 0x11010b5cu, 0x8f659effu, 0xf862ae69u, 0x616bffd3u, 0x166ccf45u,
    0xa00ae278u, 0xd70dd2eeu, 0x4e048354u, 0x3903b3c2u, 0xa7672661u, 0xd06016f7u, 0x4969474du, 0x3e6e77dbu,
    0xaed16a4au, 0xd9d65adcu, 0x40df0b66u, 0x37d83bf0u, 0xa9bcae53u, 0xdebb9ec5u, 0x47b2cf7fu, 0x30b5ffe9u,
    0xbdbdf21cu, 0xcabac28au, 0x53b39330u, 0x24b4a3a6u, 0xbad03605u, 0xcdd70693u, 0x54de5729u, 0x23d967bfu,
    0xb3667a2eu, 0xc4614ab8u, 0x5d681b02u, 0x2a6f2b94u, 0xb40bbe37u, 0xc30c8ea1u, 0x5a05df1bu, 0x2d02ef8du,
};
#endif

/* CRC-32 of n bytes on the inverted state c */
static uint32_t MV__K(mv__gz_crc)(uint32_t c, const uint8_t *p, size_t n) {
/* x86: carry-less multiply folds 128-bit remainders over a distance, then the last ones into one */
#if MV__PASS >= 3
    if (n >= 512) {
        /* x^(128 - 32), x^(128 + 32) mod P, reflected */
        const __m128i k1 = _mm_set_epi64x(0x0ccaa009e, 0x1751997d0);
        __m128i x;
        uint8_t part[256];
        size_t i, parts;
#if MV__PASS == 4
        const __m512i k16 =
            _mm512_broadcast_i32x4(_mm_set_epi64x(0x1322d1430, 0x11542778a)); /* the same for 16 * 128 */
        __m512i a[4];
        MV__UNROLL for (i = 0; i < 4; i++) a[i] = _mm512_loadu_si512((const void *)(p + 64 * i));
        a[0] = _mm512_xor_si512(a[0], _mm512_zextsi128_si512(_mm_cvtsi32_si128((int)c)));
        for (p += 256, n -= 256; n >= 256; p += 256, n -= 256) {
            MV__UNROLL for (i = 0; i < 4; i++)
                a[i] = _mm512_ternarylogic_epi64(_mm512_clmulepi64_epi128(a[i], k16, 0x00),
                                                 _mm512_clmulepi64_epi128(a[i], k16, 0x11),
                                                 _mm512_loadu_si512((const void *)(p + 64 * i)), 0x96);
        }
        MV__UNROLL for (i = 0; i < 4; i++) _mm512_storeu_si512((void *)(part + 64 * i), a[i]);
        parts = 16;
#else
        const __m128i k8 = _mm_set_epi64x(0x14a7fe880, 0x1e88ef372);
        __m128i a[8];
        MV__UNROLL
        for (i = 0; i < 8; i++) a[i] = _mm_loadu_si128((const __m128i *)(const void *)(p + 16 * i));
        a[0] = _mm_xor_si128(a[0], _mm_cvtsi32_si128((int)c));
        for (p += 128, n -= 128; n >= 128; p += 128, n -= 128) {
            MV__UNROLL for (i = 0; i < 8; i++)
                a[i] = _mm_xor_si128(
                    _mm_xor_si128(_mm_clmulepi64_si128(a[i], k8, 0x00), _mm_clmulepi64_si128(a[i], k8, 0x11)),
                    _mm_loadu_si128((const __m128i *)(const void *)(p + 16 * i)));
        }
        MV__UNROLL for (i = 0; i < 8; i++) _mm_storeu_si128((__m128i *)(void *)(part + 16 * i), a[i]);
        parts = 8;
#endif
        x = _mm_loadu_si128((const __m128i *)(const void *)part);
        for (i = 1; i < parts + n / 16; i++) { /* the remainders, then what is left of the data */
            const uint8_t *q = i < parts ? part + 16 * i : p + 16 * (i - parts);
            x = _mm_xor_si128(
                _mm_xor_si128(_mm_clmulepi64_si128(x, k1, 0x00), _mm_clmulepi64_si128(x, k1, 0x11)),
                _mm_loadu_si128((const __m128i *)(const void *)q));
        }
        p += n / 16 * 16;
        n %= 16;
        _mm_storeu_si128((__m128i *)(void *)part, x);
        c = 0;
        for (i = 0; i < 16; i++) c = mv__gz_crctab[(c ^ part[i]) & 255] ^ c >> 8;
        mv_end();
    }
#else
    if (n >= 8192) { /* eight bytes a turn; the tables cost less than the gain from here on */
        uint32_t t[8][256];
        unsigned i, k;
        for (i = 0; i < 256; i++) t[0][i] = mv__gz_crctab[i];
        for (k = 1; k < 8; k++)
            for (i = 0; i < 256; i++) t[k][i] = t[0][t[k - 1][i] & 255] ^ t[k - 1][i] >> 8;
        for (; n >= 8; p += 8, n -= 8) {
            uint32_t a = mv__le32(p) ^ c, b = mv__le32(p + 4);
            c = t[7][a & 255] ^ t[6][a >> 8 & 255] ^ t[5][a >> 16 & 255] ^ t[4][a >> 24] ^
                t[3][b & 255] ^ t[2][b >> 8 & 255] ^ t[1][b >> 16 & 255] ^ t[0][b >> 24];
        }
    }
#endif
    for (; n > 0; n--) c = mv__gz_crctab[(c ^ *p++) & 255] ^ c >> 8;
    return c;
}

/* Over k vectors of V bytes: sum[0] of the bytes; sum[1] of the sums so far before each vector; sum[2] of the
   bytes, weighted V, V - 1 ... 1 in each vector. 16 KiB keep 32-bit lanes from running over. */
#if MV__PASS == 2 && defined(MV__NEON)
#  define MV__GZ_V 16
static void MV__K(mv__gz_sums)(const uint8_t *p, size_t k, uint64_t *sum) {
    const uint8x8_t w_lo = vcreate_u8(0x090a0b0c0d0e0f10u), w_hi = vcreate_u8(0x0102030405060708u);
    uint32x4_t s = vdupq_n_u32(0), t = s, u = s;
    uint32_t lane[3][4];
    size_t i;
    for (i = 0; i < k; i++) {
        uint8x16_t x = vld1q_u8(p + 16 * i);
        t = vaddq_u32(t, s);
        s = vpadalq_u16(s, vpaddlq_u8(x));
        u = vpadalq_u16(u, vmlal_u8(vmull_u8(vget_low_u8(x), w_lo), vget_high_u8(x), w_hi));
    }
    vst1q_u32(lane[0], s), vst1q_u32(lane[1], t), vst1q_u32(lane[2], u);
    for (i = 0; i < 3; i++) sum[i] = (uint64_t)lane[i][0] + lane[i][1] + lane[i][2] + lane[i][3];
}
#elif MV__PASS == 2
#  define MV__GZ_V 16
static void MV__K(mv__gz_sums)(const uint8_t *p, size_t k, uint64_t *sum) {
    const __m128i zero = _mm_setzero_si128(), w_lo = _mm_set_epi16(9, 10, 11, 12, 13, 14, 15, 16),
                  w_hi = _mm_set_epi16(1, 2, 3, 4, 5, 6, 7, 8);
    __m128i s = zero, t = zero, u = zero;
    uint32_t lane[3][4];
    size_t i;
    for (i = 0; i < k; i++) {
        __m128i x = _mm_loadu_si128((const __m128i *)(const void *)(p + 16 * i));
        t = _mm_add_epi32(t, s);
        s = _mm_add_epi32(s, _mm_sad_epu8(x, zero));
        u = _mm_add_epi32(u, _mm_add_epi32(_mm_madd_epi16(_mm_unpacklo_epi8(x, zero), w_lo),
                                           _mm_madd_epi16(_mm_unpackhi_epi8(x, zero), w_hi)));
    }
    _mm_storeu_si128((__m128i *)(void *)lane[0], s);
    _mm_storeu_si128((__m128i *)(void *)lane[1], t);
    _mm_storeu_si128((__m128i *)(void *)lane[2], u);
    for (i = 0; i < 3; i++) sum[i] = (uint64_t)lane[i][0] + lane[i][1] + lane[i][2] + lane[i][3];
}
#elif MV__PASS == 3
#  define MV__GZ_V 32
static void MV__K(mv__gz_sums)(const uint8_t *p, size_t k, uint64_t *sum) {
    const __m256i zero = _mm256_setzero_si256(), one = _mm256_set1_epi16(1),
                  w = _mm256_set_epi64x(0x0102030405060708, 0x090a0b0c0d0e0f10, 0x1112131415161718,
                                        0x191a1b1c1d1e1f20);
    __m256i s = zero, t = zero, u = zero;
    uint32_t lane[3][8];
    size_t i, j;
    for (i = 0; i < k; i++) {
        __m256i x = _mm256_loadu_si256((const __m256i *)(const void *)(p + 32 * i));
        t = _mm256_add_epi32(t, s);
        s = _mm256_add_epi32(s, _mm256_sad_epu8(x, zero));
        u = _mm256_add_epi32(u, _mm256_madd_epi16(_mm256_maddubs_epi16(x, w), one));
    }
    _mm256_storeu_si256((__m256i *)(void *)lane[0], s);
    _mm256_storeu_si256((__m256i *)(void *)lane[1], t);
    _mm256_storeu_si256((__m256i *)(void *)lane[2], u);
    for (i = 0; i < 3; i++) for (sum[i] = 0, j = 0; j < 8; j++) sum[i] += lane[i][j];
}
#elif MV__PASS == 4
#  define MV__GZ_V 64
static void MV__K(mv__gz_sums)(const uint8_t *p, size_t k, uint64_t *sum) {
    const __m512i zero = _mm512_setzero_si512(), one = _mm512_set1_epi16(1),
                  w = _mm512_set_epi64(0x0102030405060708, 0x090a0b0c0d0e0f10, 0x1112131415161718,
                                       0x191a1b1c1d1e1f20, 0x2122232425262728, 0x292a2b2c2d2e2f30,
                                       0x3132333435363738, 0x393a3b3c3d3e3f40);
    __m512i s = zero, t = zero, u = zero;
    uint32_t lane[3][16];
    size_t i, j;
    for (i = 0; i < k; i++) {
        __m512i x = _mm512_loadu_si512((const void *)(p + 64 * i));
        t = _mm512_add_epi32(t, s);
        s = _mm512_add_epi32(s, _mm512_sad_epu8(x, zero));
        u = _mm512_add_epi32(u, _mm512_madd_epi16(_mm512_maddubs_epi16(x, w), one));
    }
    _mm512_storeu_si512((void *)lane[0], s);
    _mm512_storeu_si512((void *)lane[1], t);
    _mm512_storeu_si512((void *)lane[2], u);
    for (i = 0; i < 3; i++) for (sum[i] = 0, j = 0; j < 16; j++) sum[i] += lane[i][j];
}
#endif
/* Adler-32 of n bytes on the sums a and b. A vector of V bytes after the sum s adds V s and its bytes,
   weighted V, V - 1 ... 1, to b. */
static void MV__K(mv__gz_adler)(uint32_t *sums, const uint8_t *p, size_t n) {
    uint32_t a = sums[0], b = sums[1];
#ifdef MV__GZ_V
    while (n >= MV__GZ_V) {
        size_t k = (n < 16384 ? n : 16384) / MV__GZ_V;
        uint64_t sum[3];
        MV__K(mv__gz_sums)(p, k, sum);
        b = (uint32_t)((b + ((uint64_t)a * k + sum[1]) * MV__GZ_V + sum[2]) % 65521);
        a = (uint32_t)((a + sum[0]) % 65521);
        p += MV__GZ_V * k;
        n -= MV__GZ_V * k;
    }
    mv_end();
#endif
    while (n > 0) {
        size_t k = n < 5552 ? n : 5552; /* the most that keeps b below 2^32 */
        n -= k;
        for (; k >= 8; k -= 8, p += 8) { /* eight at once: b grows by 8 a + the weighted sum */
            b += 8 * a + 8u * p[0] + 7u * p[1] + 6u * p[2] + 5u * p[3] + 4u * p[4] + 3u * p[5] + 2u * p[6] +
                 p[7];
            a += (uint32_t)p[0] + p[1] + p[2] + p[3] + p[4] + p[5] + p[6] + p[7];
        }
        /* NOLINTNEXTLINE(clang-analyzer-core.uninitialized.Assign): that a loop filled a row is not seen */
        for (; k > 0; k--) { a += *p++; b += a; }
        a %= 65521;
        b %= 65521;
    }
    sums[0] = a;
    sums[1] = b;
}
#undef MV__GZ_V

/* Copies from dist bytes back up to end or a little further. */
MV__WRAPS static inline void MV__K(mv__gz_copy)(uint8_t *out, const uint8_t *end, size_t dist) {
    const uint8_t *src = out - dist;
    if (dist >= 16) {
        mv__memcpy(out, src, 16);
        mv__memcpy(out + 16, src + 16, 16);
        while (end > out + 32) {
            out += 32;
            src += 32;
            mv__memcpy(out, src, 16);
            mv__memcpy(out + 16, src + 16, 16);
        }
    } else if (dist >= 8) {
        do {
            mv__memcpy(out, src, 8);
            mv__memcpy(out + 8, src + 8, 8);
            out += 16;
            src += 16;
        } while (out < end);
    } else {
        uint64_t w = (mv__le64(src) & (((uint64_t)1 << 8 * dist) - 1)) * mv__gz_rep[dist];
        size_t step = mv__gz_step[dist];
        do {
            mv__put_le64(out, w);
            mv__put_le64(out + step, w);
            out += 2 * step;
        } while (out < end);
    }
}
/* The inner loop of inflate. Literals leave the bit chain short: one table entry holds up to three of them.
   The entry for the next turn is looked up before the copy, and refills only OR in bits above those already
   used as an index. */
#define MV__GZ_REFILL() (bb |= mv__le64(in) << (bc & 63), in += ~bc >> 3 & 7, bc |= 56)
#define MV__GZ_DROP(e) (bb >>= (e) & 63, bc -= (e))
#if MV__PASS >= 3
#  define MV__GZ_LOW(x, e) _bzhi_u64(x, e)
#else
#  define MV__GZ_LOW(x, e) ((x) & (((uint64_t)1 << ((e) & 63)) - 1))
#endif
#define MV__GZ_EXTRA(saved, e) ((uint32_t)(MV__GZ_LOW(saved, e) >> ((e) >> 8 & 63)))
MV__WRAPS static int MV__K(mv__gz_fast)(mv__gz_inf *s) {
    const uint8_t *in = s->in, *in_lim = s->in_end - MV__GZ_INSLACK;
    uint8_t *out = s->out, *out_lim = s->hard - MV__GZ_SLACK, *end;
    const uint32_t *lt = s->lit, *dt = s->dis;
    const uint64_t lm = s->lmask;
    uint64_t bb = s->bits, saved;
    uint32_t bc = s->nbits, e, d, dist;
    int r = MV__GZ_NEAR;
    if (s->soft < out_lim) out_lim = s->soft;
    MV__GZ_REFILL();
    e = lt[bb & lm];
    for (;;) {
        if (MV__GZ_LIT(e)) {
            MV__GZ_DROP(e); mv__put_le32(out, e >> 8); out += e >> 6 & 3; e = lt[bb & lm];
            if (MV__GZ_LIT(e)) {
                MV__GZ_DROP(e); mv__put_le32(out, e >> 8); out += e >> 6 & 3; e = lt[bb & lm];
                if (MV__GZ_LIT(e)) {
                    MV__GZ_DROP(e); mv__put_le32(out, e >> 8); out += e >> 6 & 3; e = lt[bb & lm];
                    goto next;
                }
            }
        }
        saved = bb; /* at most 24 bits are gone: 32 are left, enough for a length code behind a subtable */
        if (MV__UNLIKELY(e & MV__GZ_SPECIAL)) {
            if (e & MV__GZ_SUB) {
                MV__GZ_DROP(e);
                e = lt[(e >> 16) + (bb & ((1u << MV__GZ_CODE(e)) - 1))];
                saved = bb;
                if (MV__GZ_LIT(e)) {
                    MV__GZ_DROP(e); *out++ = (uint8_t)(e >> 8); e = lt[bb & lm];
                    goto next;
                }
            }
            if (e & MV__GZ_SPECIAL) {
                if (e & MV__GZ_EOB) { MV__GZ_DROP(e); r = MV__GZ_BLOCKEND; }
                else r = MV__GZ_E_SYM;
                break;
            }
        }
        MV__GZ_DROP(e);
        *out = (uint8_t)(e >> 24); /* the literal that may go first: no branch */
        out += e >> 14 & 1;
        end = out + 3 + (e >> 16 & 255) + MV__GZ_EXTRA(saved, e);
        d = dt[bb & ((1u << MV__GZ_DBITS) - 1)];
        MV__GZ_REFILL();
        if (MV__UNLIKELY(d & MV__GZ_SPECIAL)) {
            if (!(d & MV__GZ_SUB)) { r = MV__GZ_E_DSYM; break; }
            MV__GZ_DROP(d);
            d = dt[(d >> 16) + (bb & ((1u << MV__GZ_CODE(d)) - 1))];
            if (d & MV__GZ_SPECIAL) { r = MV__GZ_E_DSYM; break; }
        }
        saved = bb;
        MV__GZ_DROP(d);
        dist = (d >> 16) + MV__GZ_EXTRA(saved, d);
        e = lt[bb & lm]; /* 28 bits gone at most */
        if (MV__UNLIKELY(dist > (size_t)(out - s->hist))) { r = MV__GZ_E_FAR; break; }
        MV__GZ_REFILL();
        MV__K(mv__gz_copy)(out, end, dist);
        out = end;
        goto check;
    next:
        MV__GZ_REFILL();
    check:
        if (in > in_lim || out >= out_lim) break;
    }
    bc &= 63;
    s->bits = bb & (((uint64_t)1 << bc) - 1);
    s->nbits = bc;
    s->in = in;
    s->out = out;
    return r;
}

/* length of the common start of a and b, 4 known, max at most; room: bytes that may be read from b */
static inline size_t MV__K(mv__gz_extend)(const uint8_t *a, const uint8_t *b, size_t len, size_t max) {
#if MV__PASS >= 3
    for (; len + 32 <= max; len += 32) {
        __m256i x = _mm256_loadu_si256((const __m256i *)(const void *)(a + len)),
                y = _mm256_loadu_si256((const __m256i *)(const void *)(b + len));
        uint32_t other = ~(uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(x, y));
        if (other) return len + (size_t)mv__ctz64(other);
    }
#endif
    while (len + 8 <= max) {
        uint64_t x = mv__le64(a + len) ^ mv__le64(b + len);
        if (x) return len + (size_t)(mv__ctz64(x) >> 3);
        len += 8;
    }
    while (len < max && a[len] == b[len]) len++;
    return len;
}
/* counts n literals into four tables in turn: a run of equal bytes would wait for its own store */
static void MV__K(mv__gz_count)(uint32_t (*f)[512], const uint8_t *p, size_t n) {
    for (; n >= 8; n -= 8, p += 8) {
        uint64_t v = mv__le64(p);
        f[0][v & 255]++; f[1][v >> 8 & 255]++; f[2][v >> 16 & 255]++; f[3][v >> 24 & 255]++;
        f[0][v >> 32 & 255]++; f[1][v >> 40 & 255]++; f[2][v >> 48 & 255]++; f[3][v >> 56]++;
    }
    for (; n > 0; n--) f[0][*p++]++;
}
/* the same for a block's tokens; its runs are counted already */
static void MV__K(mv__gz_tally)(uint32_t (*f)[512], const uint32_t *t, const uint32_t *end) {
    while (t < end) {
        if (end - t >= 4 && !((t[0] | t[1] | t[2] | t[3]) & MV__GZ_RUN)) {
            f[0][t[0] & 511]++; f[1][t[1] & 511]++; f[2][t[2] & 511]++; f[3][t[3] & 511]++;
            t += 4;
        } else if (*t & MV__GZ_RUN) t += 2;
        else f[0][*t++ & 511]++;
    }
}
/* n literals as tokens; up to 16 are written that do not count, and as many bytes read. Without vectors
   mv__gz_choice has written them. */
static inline uint32_t *MV__K(mv__gz_literals)(uint32_t *tok, const uint8_t *p, size_t n) {
#if MV__PASS >= 3
    size_t i = 0;
    do {
#  if MV__PASS == 4
        __m128i x = _mm_loadu_si128((const __m128i *)(const void *)(p + i));
        _mm512_storeu_si512((void *)(tok + i), _mm512_or_si512(_mm512_cvtepu8_epi32(x),
                                                               _mm512_set1_epi32(MV__GZ_NODIST)));
#  else
        const __m256i lit = _mm256_set1_epi32(MV__GZ_NODIST);
        __m128i x = _mm_loadu_si128((const __m128i *)(const void *)(p + i)), y = _mm_unpackhi_epi64(x, x);
        _mm256_storeu_si256((__m256i *)(void *)(tok + i), _mm256_or_si256(_mm256_cvtepu8_epi32(x), lit));
        _mm256_storeu_si256((__m256i *)(void *)(tok + i + 8), _mm256_or_si256(_mm256_cvtepu8_epi32(y), lit));
#  endif
        i += 16;
    } while (i < n);
#else
    (void)p;
#endif
    return tok + n;
}

/* Level 1 goes by groups of places. Each place of a group is looked up under a hash of four bytes (one probe)
   and entered, without a branch; then the matches are taken from the front, at each place the longer of its
   own and that of the next. The group behind is looked up before: that fills the time in which the branches
   of the taking are resolved. */
#define MV__GZ_H1(v) ((uint32_t)(v) * 0x9E3779B1u >> (32 - MV__GZ_HASH1))
#if MV__PASS >= 3
/* hashes of the eight places from p on */
static inline __m256i MV__K(mv__gz_hashes)(const uint8_t *p) {
    const __m256i byte = _mm256_set_epi32(0x0a090807, 0x09080706, 0x08070605, 0x07060504, 0x06050403,
                                          0x05040302, 0x04030201, 0x03020100);
    __m256i v = _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)(const void *)p));
    v = _mm256_mullo_epi32(_mm256_shuffle_epi8(v, byte), _mm256_set1_epi32((int)0x9E3779B1u));
    return _mm256_srli_epi32(v, 32 - MV__GZ_HASH1);
}
/* which of eight bytes are the same, for the four places from p on */
static inline int MV__K(mv__gz_same)(const uint8_t *p, const volatile int16_t *back) {
    const __m256i byte = _mm256_set_epi64x(0x0a09080706050403, 0x0908070605040302, 0x0807060504030201,
                                           0x0706050403020100);
    __m256i v = _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)(const void *)p)), c;
    c = _mm256_set_epi64x((int64_t)mv__le64(p + 3 + back[3]), (int64_t)mv__le64(p + 2 + back[2]),
                          (int64_t)mv__le64(p + 1 + back[1]), (int64_t)mv__le64(p + back[0]));
    return _mm256_movemask_epi8(_mm256_cmpeq_epi8(c, _mm256_shuffle_epi8(v, byte)));
}
/* Distances as parts of tokens. Of the distance - 1 a float has what the code needs: the place of its highest
   bit, the next bit, the rest. */
static inline __m256i MV__K(mv__gz_distances)(__m128i back) {
    __m256i x = _mm256_xor_si256(_mm256_cvtepi16_epi32(back), _mm256_set1_epi32(-1)), f, s;
    f = _mm256_castps_si256(_mm256_cvtepi32_ps(x));
    s = _mm256_sub_epi32(_mm256_srli_epi32(f, 22), _mm256_set1_epi32(254));
    s = _mm256_max_epi32(s, _mm256_min_epi32(x, _mm256_set1_epi32(1))); /* 0 and 1 stand for themselves */
    x = _mm256_sub_epi32(_mm256_set1_epi32(150), _mm256_srli_epi32(f, 23));
    f = _mm256_srlv_epi32(_mm256_and_si256(f, _mm256_set1_epi32(0x3FFFFF)), x);
    return _mm256_or_si256(_mm256_slli_epi32(s, 9), _mm256_slli_epi32(f, 14));
}
/* Looks eight places up and enters them: how far back the places before them are; 0: too far, or ahead. */
static inline __m128i MV__K(mv__gz_lookup)(uint16_t *head, const volatile uint32_t *h, uint32_t now) {
    const __m128i iota = _mm_set_epi16(7, 6, 5, 4, 3, 2, 1, 0);
    __m128i q = _mm_setzero_si128();
    uint16_t *at;
#define MV__GZ_ENTER(i) at = head + h[i]; q = _mm_insert_epi16(q, (int16_t)*at, i); *at = (uint16_t)(now + i)
    MV__GZ_ENTER(0); MV__GZ_ENTER(1); MV__GZ_ENTER(2); MV__GZ_ENTER(3);
    MV__GZ_ENTER(4); MV__GZ_ENTER(5); MV__GZ_ENTER(6); MV__GZ_ENTER(7);
#undef MV__GZ_ENTER
    q = _mm_sub_epi16(q, _mm_add_epi16(_mm_set1_epi16((short)now), iota));
    return _mm_min_epi16(q, _mm_setzero_si128());
}
/* Vectors that are stored here are read in pieces, as volatile: a load costs less than to take them apart. */
static inline uint32_t MV__K(mv__gz_probe)(uint16_t *head, const uint8_t *p, uint32_t now,
                                           mv__gz_group *g) {
    const __m256i low = _mm256_set1_epi8(15), /* ones: at the low end of four bits */
                  ones = _mm256_set_epi64x(0x0400010002000100, 0x0300010002000100, 0x0400010002000100,
                                           0x0300010002000100),
                  iota = _mm256_set_epi64x(0x1f1e1d1c1b1a1918, 0x1716151413121110, 0x0f0e0d0c0b0a0908,
                                           0x0706050403020100);
    __m128i q[4];
    __m256i b, l, n, use;
    uint32_t h[32];
    int same[8];
    unsigned k;
    MV__UNROLL for (k = 0; k < 4; k++)
        _mm256_storeu_si256((__m256i *)(void *)(h + 8 * k), MV__K(mv__gz_hashes)(p + 8 * k));
    MV__UNROLL for (k = 0; k < 4; k++) {
        q[k] = MV__K(mv__gz_lookup)(head, h + 8 * k, now + 8 * k);
        _mm_storeu_si128((__m128i *)(void *)(g->back + 8 * k), q[k]);
        _mm256_storeu_si256((__m256i *)(void *)(g->dist + 8 * k), MV__K(mv__gz_distances)(q[k]));
    }
    MV__UNROLL for (k = 0; k < 8; k++) same[k] = MV__K(mv__gz_same)(p + 4 * k, g->back + 4 * k);
    b = _mm256_setr_epi32(same[0], same[1], same[2], same[3], same[4], same[5], same[6], same[7]);
    l = _mm256_and_si256(b, low);
    n = _mm256_and_si256(_mm256_srli_epi16(b, 4), _mm256_set1_epi8(7));
    n = _mm256_and_si256(_mm256_cmpeq_epi8(l, low), _mm256_shuffle_epi8(ones, n));
    l = _mm256_add_epi8(n, _mm256_shuffle_epi8(ones, l)); /* the same bytes from the first on */
    n = _mm256_set_m128i(_mm_packs_epi16(q[2], q[3]), _mm_packs_epi16(q[0], q[1])); /* the signs stay */
    l = _mm256_and_si256(l, _mm256_cmpgt_epi8(_mm256_setzero_si256(), n));
    n = _mm256_alignr_epi8(_mm256_permute2x128_si256(l, l, 0x81), l, 1);
    use = _mm256_cmpgt_epi8(n, l);
    b = _mm256_sub_epi8(iota, use);
    _mm256_storeu_si256((__m256i *)(void *)g->start, b);
    _mm256_storeu_si256((__m256i *)(void *)g->end, _mm256_add_epi8(b, _mm256_max_epi8(l, n)));
    return (uint32_t)_mm256_movemask_epi8(_mm256_cmpgt_epi8(l, _mm256_set1_epi8(3)));
}
#else
MV__WRAPS static inline uint32_t MV__K(mv__gz_probe)(uint16_t *head, const uint8_t *p, uint32_t now,
                                                     mv__gz_group *g) {
    uint32_t i;
    MV__UNROLL for (i = 0; i < MV__GZ_GROUP; i++) {
        uint32_t h = MV__GZ_H1(mv__le32(p + i));
        g->back[i] = (int16_t)(head[h] - now - i);
        head[h] = (uint16_t)(now + i);
    }
    g->back[MV__GZ_GROUP] = g->back[MV__GZ_GROUP + 1] = 0;
    return 0; /* they are compared when they are come to */
}
#endif
static inline int MV__K(mv__gz_back)(const mv__gz_group *g, size_t i) {
#if MV__PASS >= 3
    return g->back[i];
#else
    return g->back[i] < 0 ? g->back[i] : 0;
#endif
}
/* how many bytes match at place i, seven at most */
static inline unsigned MV__K(mv__gz_length)(const mv__gz_group *g, const uint8_t *p, size_t i) {
    int back = MV__K(mv__gz_back)(g, i);
    uint64_t other = mv__le64(p + i) ^ mv__le64(p + i + back);
    return (unsigned)mv__ctz64(other | (uint64_t)1 << 63 | (back == 0)) >> 3;
}
/* The match at the first place from `at` on that has one or, if that is longer, at the next: where it begins,
   how long it is, its distance's token. 0: there is none. */
static inline int MV__K(mv__gz_choice)(const mv__gz_group *g, const uint8_t *p, uint32_t found, size_t at,
                                       uint32_t *tok, size_t *begin, size_t *len, uint32_t *dist) {
#if MV__PASS >= 3
    const uint64_t left = (uint64_t)found >> at << at;
    size_t i;
    (void)p, (void)tok;
    if (!left) return 0;
    i = (size_t)mv__ctz64(left);
    *begin = g->start[i];
    *len = (size_t)g->end[i] - *begin;
    *dist = g->dist[*begin];
#else
    unsigned own = 0, next = 0, third, i;
    (void)found;
    for (; at < MV__GZ_GROUP; at += 2, tok += 2) { /* two by two: their loads and branches go together */
        own = MV__K(mv__gz_length)(g, p, at);
        next = MV__K(mv__gz_length)(g, p, at + 1);
        tok[0] = p[at] | MV__GZ_NODIST;
        tok[1] = p[at + 1] | MV__GZ_NODIST;
        if ((own | next) & 4) break;
    }
    if (at >= MV__GZ_GROUP) return 0;
    third = MV__K(mv__gz_length)(g, p, at + 2);
    i = own < 4;
    own = i ? next : own;
    next = i ? third : next;
    i += next > own;
    *begin = at + i;
    *len = next > own ? next : own;
    *dist = mv__gz_disttok((uint32_t)-MV__K(mv__gz_back)(g, *begin));
#endif
    return 1;
}
/* Takes the matches of the group at p from its place *done on; *done is then how far they reach into the
   next; *miss counts places without. A long match goes on in several tokens, at most 32. Returns the end of
   the tokens. */
MV__WRAPS static inline uint32_t *MV__K(mv__gz_take)(mv__gz_def *z, const mv__gz_group *g, const uint8_t *p,
                                                     uint32_t found, uint32_t *tok, size_t *done,
                                                     uint32_t *miss) {
    uint32_t *df = z->df, t = 0;
    const uint8_t *end = z->src + z->n;
    size_t at = *done, begin = 0, len = 0;
    *miss = (found >> at) ? 0 : *miss + MV__GZ_GROUP;
    while (MV__K(mv__gz_choice)(g, p, found, at, tok, &begin, &len, &t)) {
        const uint8_t *q = p + begin;
        tok = MV__K(mv__gz_literals)(tok, p + at, begin - at);
        if (MV__UNLIKELY(len == 7)) { /* or more */
            len = MV__K(mv__gz_extend)(q, q + g->back[begin], 7, mv__minz((size_t)(end - q), 32 * 258));
            for (; len >= 258 + 4; len -= 258, begin += 258) {
                *tok++ = (253 + 258) | t;
                df[t >> 9 & 31]++;
            }
            len = mv__minz(len, 258);
        }
        *tok++ = (uint32_t)(253 + len) | t;
        df[t >> 9 & 31]++;
        if (MV__PASS < 3) *miss = 0; /* found says nothing there */
        at = begin + len;
        if (at >= MV__GZ_GROUP) break;
    }
    if (at < MV__GZ_GROUP) {
        tok = MV__K(mv__gz_literals)(tok, p + at, MV__GZ_GROUP - at);
        at = MV__GZ_GROUP;
    }
    *done = at - MV__GZ_GROUP;
    return tok;
}
/* Does the match at the last place of the group at p seem to go on through the next group? */
static inline int MV__K(mv__gz_passes)(const mv__gz_group *g, const uint8_t *p, uint32_t found) {
    const uint8_t *q = p + 2 * MV__GZ_GROUP - 8;
    int same = mv__le64(q) == mv__le64(q + MV__K(mv__gz_back)(g, MV__GZ_GROUP - 1));
    if (MV__PASS < 3) found = (uint32_t)(MV__K(mv__gz_length)(g, p, MV__GZ_GROUP - 1) > 3) << 31;
    return same & (int)(found >> 31);
}
/* Is there no match in the group at p? */
static inline int MV__K(mv__gz_bare)(const mv__gz_group *g, const uint8_t *p, uint32_t found) {
    size_t i = MV__PASS < 3 ? 0 : MV__GZ_GROUP;
    while (i < MV__GZ_GROUP && MV__K(mv__gz_length)(g, p, i) < 4) i++;
    return i == MV__GZ_GROUP && !found;
}
/* Fills the token list or reaches the end. The group behind is looked up before a group's matches are taken,
   but not where one of them seems to pass it. Of a match that does the last three places are entered. Where
   nothing matched for a while, ever longer stretches are passed on as runs without a look: noise costs little
   and loses nothing. */
MV__WRAPS static void MV__K(mv__gz_find1)(mv__gz_def *z, uint32_t (*f)[512]) {
    const uint8_t *base = z->src, *p = base + z->pos, *end = base + z->n, *stop = base + z->block, *lim;
    uint32_t *tok = z->tok + z->ntok, *tok_lim = z->tok + MV__GZ_TOKENS - 160, miss = 0, found, next = 0;
    uint16_t *head = z->head16; /* positions modulo 65536: a stale one fails the comparison */
    mv__gz_group g[2];
    unsigned now = 0;
    size_t at = 0; /* places of the group that an earlier match holds */
    stop = (size_t)(end - stop) > MV__GZ_BLOCK ? stop + MV__GZ_BLOCK : end;
    lim = z->n > 2 * MV__GZ_GROUP + 16 ? end - 2 * MV__GZ_GROUP - 16 : base;
    if (lim > stop) lim = stop;
    if (p < lim && tok < tok_lim) {
        found = MV__K(mv__gz_probe)(head, p, (uint32_t)(p - base), &g[now]);
        do {
            int passed = MV__K(mv__gz_passes)(&g[now], p, found);
            if (MV__LIKELY(!passed))
                next = MV__K(mv__gz_probe)(head, p + MV__GZ_GROUP, (uint32_t)(p - base) + MV__GZ_GROUP,
                                           &g[!now]);
            tok = MV__K(mv__gz_take)(z, &g[now], p, found, tok, &at, &miss);
            p += MV__GZ_GROUP;
            if (MV__UNLIKELY(at >= MV__GZ_GROUP)) {
                p += at;
                at = 0;
                if (p >= lim) break;
                head[MV__GZ_H1(mv__le32(p - 3))] = (uint16_t)(p - base - 3);
                head[MV__GZ_H1(mv__le32(p - 2))] = (uint16_t)(p - base - 2);
                head[MV__GZ_H1(mv__le32(p - 1))] = (uint16_t)(p - base - 1);
            } else if (MV__UNLIKELY(miss >= 64) && !passed && p < lim &&
                       MV__K(mv__gz_bare)(&g[!now], p, next)) {
                size_t run = mv__minz(mv__minz(32 + (miss >> 4 << 3), 1024), (size_t)(lim - p));
                MV__K(mv__gz_count)(f, p, run);
                tok[0] = MV__GZ_RUN | (uint32_t)run;
                tok[1] = (uint32_t)((size_t)(p - base) - z->block);
                tok += 2;
                p += run;
                miss += (uint32_t)run;
                if (p >= lim) break;
            } else if (MV__LIKELY(!passed)) {
                now = !now;
                found = next;
                continue;
            }
            found = MV__K(mv__gz_probe)(head, p, (uint32_t)(p - base), &g[now]);
        } while (p < lim && tok < tok_lim);
    }
    p += at;
    if (p >= lim && lim < stop)
        for (; p < end && tok < tok_lim + 128; p++) *tok++ = *p | MV__GZ_NODIST;
    mv_end();
    MV__K(mv__gz_tally)(f, z->tok + z->ntok, tok);
    z->ntok = (size_t)(tok - z->tok);
    z->pos = (size_t)(p - base);
}
#undef MV__GZ_H1

/* The emitter. The room was checked: whole words may be stored. */
#define MV__GZ_FLUSH() (mv__put_le64(out, bb), out += bc >> 3, bb >>= bc & 56, bc &= 7)
#if MV__PASS == 4
typedef struct { uint64_t word[8], at[8], spent[8]; } mv__gz_words;
/* Codes and extra bits of 16 tokens, joined two by two, in their places behind the bits that wait: words that
   go to the bytes `at`, one ORed to what the one before leaves above its `spent` bits. Returns how many bits
   there are then; 0 when a pair has more than 56 or there is a run. */
static inline size_t MV__K(mv__gz_pairs)(const mv__gz_def *z, const uint32_t *tok, uint32_t waiting,
                                         mv__gz_words *o) {
    const __m512i low8 = _mm512_set1_epi32(255), low32 = _mm512_set1_epi64(0xFFFFFFFF),
                  low3 = _mm512_set1_epi64(7), zero = _mm512_setzero_si512();
    __m512i t = _mm512_loadu_si512((const void *)tok), c, d, n, x, w, v, s;
    c = _mm512_i32gather_epi32(_mm512_and_si512(t, _mm512_set1_epi32(511)), (const void *)z->lcode, 4);
    d = _mm512_permutex2var_epi32(_mm512_loadu_si512((const void *)z->dcode), _mm512_srli_epi32(t, 9),
                                  _mm512_loadu_si512((const void *)(z->dcode + 16)));
    x = _mm512_sllv_epi32(_mm512_srli_epi32(t, 14), _mm512_and_si512(d, _mm512_set1_epi32(31)));
    x = _mm512_or_si512(x, _mm512_srli_epi32(d, 16));
    n = _mm512_and_si512(c, low8);
    c = _mm512_srli_epi32(c, 8);
    w = _mm512_or_si512(_mm512_and_si512(c, low32),
                        _mm512_sllv_epi64(_mm512_and_si512(x, low32), _mm512_and_si512(n, low32)));
    v = _mm512_or_si512(_mm512_srli_epi64(c, 32),
                        _mm512_sllv_epi64(_mm512_srli_epi64(x, 32), _mm512_srli_epi64(n, 32)));
    n = _mm512_add_epi32(n, _mm512_and_si512(_mm512_srli_epi32(d, 8), low8));
    s = _mm512_and_si512(n, low32); /* of the first tokens */
    w = _mm512_or_si512(w, _mm512_sllv_epi64(v, s));
    n = _mm512_add_epi64(s, _mm512_srli_epi64(n, 32));
    if (_mm512_cmpgt_epu64_mask(n, _mm512_set1_epi64(56)) | _mm512_movepi32_mask(t)) return 0;
    s = _mm512_add_epi64(n, _mm512_alignr_epi64(n, zero, 7));
    s = _mm512_add_epi64(s, _mm512_alignr_epi64(s, zero, 6));
    s = _mm512_add_epi64(s, _mm512_alignr_epi64(s, zero, 4));
    s = _mm512_add_epi64(s, _mm512_set1_epi64((int64_t)waiting)); /* where the pairs end */
    n = _mm512_sub_epi64(s, n);
    _mm512_storeu_si512((void *)o->word, _mm512_sllv_epi64(w, _mm512_and_si512(n, low3)));
    n = _mm512_srli_epi64(n, 3);
    _mm512_storeu_si512((void *)o->at, n);
    n = _mm512_sub_epi64(_mm512_srli_epi64(s, 3), n);
    _mm512_storeu_si512((void *)o->spent, _mm512_slli_epi64(n, 3));
    s = _mm512_permutexvar_epi64(_mm512_set1_epi64(7), s);
    return (size_t)_mm_cvtsi128_si64(_mm512_castsi512_si128(s));
}
#endif
static void MV__K(mv__gz_emit_run)(mv__gz_def *z, const uint8_t *p, size_t n) { /* literals */
    const uint32_t *lc = z->lcode;
    const uint8_t *end = p + n;
    uint8_t *out = z->out;
    uint64_t bb = z->bits;
    uint32_t bc = z->nbits;
    for (; end - p >= 3; p += 3) {
        uint32_t e0 = lc[p[0]], e1 = lc[p[1]], e2 = lc[p[2]], n1 = (e0 & 255) + (e1 & 255);
        uint64_t w = (uint64_t)(e0 >> 8) | (uint64_t)(e1 >> 8) << (e0 & 255);
        bb |= (w | (uint64_t)(e2 >> 8) << n1) << bc;
        bc += n1 + (e2 & 255);
        MV__GZ_FLUSH();
    }
    for (; p < end; p++) {
        bb |= (uint64_t)(lc[*p] >> 8) << bc;
        bc += lc[*p] & 255;
    }
    MV__GZ_FLUSH();
    z->out = out;
    z->bits = bb;
    z->nbits = bc;
}
/* Writes the tokens of a block with the codes in z. Two tokens side by side: the chain through the bit buffer
   is short. */
static void MV__K(mv__gz_emit)(mv__gz_def *z) {
    const uint32_t *t = z->tok, *t_end = t + z->ntok, *lc = z->lcode, *dc = z->dcode;
    uint8_t *out = z->out;
    uint64_t bb = z->bits;
    uint32_t bc = z->nbits, e, d, n0, n1;
#if MV__PASS == 4
    const uint32_t *retry = t;
    mv__gz_words words;
    size_t sum;
    unsigned k;
#endif
    while (t < t_end) {
        uint64_t w0, w1;
        uint32_t v = t[0], u = t[1]; /* one word behind the list may be looked at */
#if MV__PASS == 4
        if (t >= retry && t_end - t >= 16) {
            retry = t + 16; /* what cannot be joined goes the way below */
            if ((sum = MV__K(mv__gz_pairs)(z, t, bc, &words)) > 0) {
                const volatile mv__gz_words *w = &words;
                MV__UNROLL for (k = 0; k < 8; k++) {
                    bb |= w->word[k];
                    mv__put_le64(out + w->at[k], bb);
                    bb >>= w->spent[k];
                }
                out += sum >> 3;
                bc = (uint32_t)sum & 7;
                t += 16;
                continue;
            }
        }
#endif
        if (v & MV__GZ_RUN) {
            z->out = out;
            z->bits = bb;
            z->nbits = bc;
            MV__K(mv__gz_emit_run)(z, z->src + z->block + u, v & ~MV__GZ_RUN);
            out = z->out;
            bb = z->bits;
            bc = z->nbits;
            t += 2;
            continue;
        }
        e = lc[v & 511];
        d = dc[v >> 9 & 31];
        w0 = (uint64_t)(e >> 8) | (uint64_t)(d >> 16 | v >> 14 << (d & 31)) << (e & 255);
        n0 = (e & 255) + (d >> 8 & 255);
        t++;
        if (MV__LIKELY(!(u & MV__GZ_RUN) && t < t_end)) {
            e = lc[u & 511];
            d = dc[u >> 9 & 31];
            w1 = (uint64_t)(e >> 8) | (uint64_t)(d >> 16 | u >> 14 << (d & 31)) << (e & 255);
            n1 = (e & 255) + (d >> 8 & 255);
            if (MV__LIKELY(n0 + n1 <= 56)) { /* else it waits for its turn */
                w0 |= w1 << n0;
                n0 += n1;
                t++;
            }
        }
        bb |= w0 << bc;
        bc += n0;
        MV__GZ_FLUSH();
    }
    mv_end();
    z->out = out;
    z->bits = bb;
    z->nbits = bc;
}
#undef MV__GZ_FLUSH
#undef MV__GZ_REFILL
#undef MV__GZ_DROP
#undef MV__GZ_EXTRA
#undef MV__GZ_LOW
#else
/* ---- checksums ---- */
MEDVOL_DEF uint32_t mv_crc32(uint32_t crc, const void *src, size_t n) {
    if (!src || n == 0) return crc;
    return ~MV__PICK(mv__gz_crc)(~crc, (const uint8_t *)src, n);
}
/* product of two remainders modulo the CRC polynomial, bits reflected: the top bit is x^0 */
static uint32_t mv__gz_mulmod(uint32_t a, uint32_t b) {
    uint32_t r = 0;
    int i;
    for (i = 0; i < 32; i++) {
        if (a & 0x80000000u >> i) r ^= b;
        b = b & 1 ? b >> 1 ^ 0xEDB88320u : b >> 1;
    }
    return r;
}
MEDVOL_DEF uint32_t mv_crc32_combine(uint32_t crc_a, uint32_t crc_b, uint64_t n_b) {
    uint32_t shift = 0x80000000u, square = 0x00800000u; /* x^0 and x^8 */
    for (; n_b; n_b >>= 1) {
        if (n_b & 1) shift = mv__gz_mulmod(shift, square);
        square = mv__gz_mulmod(square, square);
    }
    return mv__gz_mulmod(crc_a, shift) ^ crc_b;
}
MEDVOL_DEF uint32_t mv_adler32(uint32_t adler, const void *src, size_t n) {
    uint32_t sums[2];
    if (!src) return adler;
    sums[0] = adler & 0xFFFF;
    sums[1] = adler >> 16;
    MV__PICK(mv__gz_adler)(sums, (const uint8_t *)src, n);
    return sums[1] << 16 | sums[0];
}

/* ---- inflate ---- */
#define MV__GZ_LEN(base, extra) ((uint32_t)(base) << 16 | (extra))
static const uint32_t mv__gz_lenproto[32] = { /* symbols 256..287: base - 3 << 16 | extra bits */
                                              MV__GZ_SPECIAL | MV__GZ_EOB,
                                              MV__GZ_LEN(0, 0),
                                              MV__GZ_LEN(1, 0),
                                              MV__GZ_LEN(2, 0),
                                              MV__GZ_LEN(3, 0),
                                              MV__GZ_LEN(4, 0),
                                              MV__GZ_LEN(5, 0),
                                              MV__GZ_LEN(6, 0),
                                              MV__GZ_LEN(7, 0),
                                              MV__GZ_LEN(8, 1),
                                              MV__GZ_LEN(10, 1),
                                              MV__GZ_LEN(12, 1),
                                              MV__GZ_LEN(14, 1),
                                              MV__GZ_LEN(16, 2),
                                              MV__GZ_LEN(20, 2),
                                              MV__GZ_LEN(24, 2),
                                              MV__GZ_LEN(28, 2),
                                              MV__GZ_LEN(32, 3),
                                              MV__GZ_LEN(40, 3),
                                              MV__GZ_LEN(48, 3),
                                              MV__GZ_LEN(56, 3),
                                              MV__GZ_LEN(64, 4),
                                              MV__GZ_LEN(80, 4),
                                              MV__GZ_LEN(96, 4),
                                              MV__GZ_LEN(112, 4),
                                              MV__GZ_LEN(128, 5),
                                              MV__GZ_LEN(160, 5),
                                              MV__GZ_LEN(192, 5),
                                              MV__GZ_LEN(224, 5),
                                              MV__GZ_LEN(255, 0),
                                              MV__GZ_SPECIAL,
                                              MV__GZ_SPECIAL
};
static const uint32_t mv__gz_distproto[32] = {
    MV__GZ_LEN(1, 0),      MV__GZ_LEN(2, 0),      MV__GZ_LEN(3, 0),     MV__GZ_LEN(4, 0),
    MV__GZ_LEN(5, 1),      MV__GZ_LEN(7, 1),      MV__GZ_LEN(9, 2),     MV__GZ_LEN(13, 2),
    MV__GZ_LEN(17, 3),     MV__GZ_LEN(25, 3),     MV__GZ_LEN(33, 4),    MV__GZ_LEN(49, 4),
    MV__GZ_LEN(65, 5),     MV__GZ_LEN(97, 5),     MV__GZ_LEN(129, 6),   MV__GZ_LEN(193, 6),
    MV__GZ_LEN(257, 7),    MV__GZ_LEN(385, 7),    MV__GZ_LEN(513, 8),   MV__GZ_LEN(769, 8),
    MV__GZ_LEN(1025, 9),   MV__GZ_LEN(1537, 9),   MV__GZ_LEN(2049, 10), MV__GZ_LEN(3073, 10),
    MV__GZ_LEN(4097, 11),  MV__GZ_LEN(6145, 11),  MV__GZ_LEN(8193, 12), MV__GZ_LEN(12289, 12),
    MV__GZ_LEN(16385, 13), MV__GZ_LEN(24577, 13), MV__GZ_SPECIAL,       MV__GZ_SPECIAL
};
static const uint8_t mv__gz_clorder[19] = {
    16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15
};
enum { MV__GZ_BLOCKHEAD, MV__GZ_STORED, MV__GZ_CODES, MV__GZ_COPY };           /* states of the decoder */
/* its answers; else a status */
enum { MV__GZ_DONE = 0, MV__GZ_NEED_IN = 1, MV__GZ_NEED_OUT = 2 };

static uint32_t mv__gz_entry(const uint32_t *proto, int literals, unsigned sym, unsigned len) {
    if (!literals) return proto[sym] + len + (len << 8);
    if (sym < 256) return sym << 8 | 0x40u | len;
    return proto[sym - 256] + len + (len << 8);
}
/* next code of len bits in bit-reversed order: add 1 from the top down */
static unsigned mv__gz_nextcode(unsigned code, unsigned len) {
    unsigned gap = code ^ ((1u << len) - 1);
    if (gap == 0) return 0;
    gap = 1u << (63 - mv__clz64(gap));
    return (code & (gap - 1)) | gap;
}
/* codes longer than the index: one subtable for each common start, as deep as that needs */
static void mv__gz_subtables(uint32_t *tab, unsigned tb, const uint16_t *sorted, unsigned *count,
                             unsigned len, unsigned code, const uint32_t *proto, int literals) {
    unsigned size = 1u << tb, sub = 0, prefix = ~0u, off = 0, i;
    for (;; len++) {
        for (; count[len] > 0; count[len]--) {
            if ((code & ((1u << tb) - 1)) != prefix) {
                unsigned left = 1u;
                prefix = code & ((1u << tb) - 1);
                off = size;
                for (sub = len - tb; ; sub++) {
                    left = sub == len - tb ? 1u << sub : left << 1;
                    if (tb + sub >= 15 || left <= count[tb + sub]) break;
                    left -= count[tb + sub];
                }
                size += 1u << sub;
                tab[prefix] = off << 16 | MV__GZ_SPECIAL | MV__GZ_SUB | sub << 8 | tb;
            }
            for (i = code >> tb; i < 1u << sub; i += 1u << (len - tb))
                tab[off + i] = mv__gz_entry(proto, literals, *sorted, len - tb);
            sorted++;
            code = mv__gz_nextcode(code, len);
        }
        if (len == 15) return;
    }
}
/* Joins: an entry that starts with a literal and has index bits to spare takes in what these say: a second
   and third literal, or the length code of a match. What follows a literal depends on its code length alone,
   so for each length the followers are listed once and put behind every literal of that length. */
/* ends of the lists of literals and of lengths */
typedef struct { uint32_t *one; uint32_t *two; } mv__gz_followers;
static mv__gz_followers mv__gz_follow(const uint32_t *low, uint32_t *list, unsigned room, unsigned len) {
    mv__gz_followers f;
    uint32_t j, top = 1u << room;
    f.one = list;                                 /* pairs index, addend; literals from the front, */
    f.two = list + (2 << (MV__GZ_LBITS - 1)) - 2; /* lengths from the back */
    for (j = 0; j < top; j++) {
        uint32_t e = low[j], n = e & 63;
        if (MV__GZ_LIT(e)) {
            uint32_t e3 = low[j >> n], n3 = n + (e3 & 63);
            e = (e & 0xFF00u) << 8 | (e & 0xFFu);
            if (MV__GZ_LIT(e3) && n3 <= room) e += (e3 & 0xFF00u) << 16 | (e3 & 0xFFu);
            f.one[0] = j << len;
            f.one[1] = e;
            f.one += n <= room ? 2 : 0;
        } else {
            f.two[0] = j << len;
            f.two[1] = e;
            f.two -= !(e & MV__GZ_SPECIAL) && MV__GZ_CODE(e) <= room ? 2 : 0;
        }
    }
    return f;
}
MV__WRAPS static void mv__gz_join(mv__gz_inf *s, unsigned tb, const uint16_t *sorted, const unsigned *count) {
    uint32_t *tab = s->lit, *p, *last = s->list + (2 << (MV__GZ_LBITS - 1)) - 2;
    unsigned len, code = 0, i, have = 0;
    for (len = 1; len < tb; len++) {
        unsigned listed = 0;
        mv__gz_followers f = { s->list, last };
        for (i = 0; i < count[len]; i++, code = mv__gz_nextcode(code, len)) {
            unsigned sym = *sorted++;
            uint32_t lit = sym << 8 | 0x40u | len, first = sym << 24 | MV__GZ_FIRST | len << 8 | len;
            if (sym > 255) continue;
            if (!have) mv__memcpy(s->low, tab, sizeof(*tab) << (tb - len));
            have = 1;
            if (!listed) f = mv__gz_follow(s->low, s->list, tb - len, len);
            listed = 1;
            for (p = s->list; p < f.one; p += 2) tab[code | p[0]] = lit + p[1];
            for (p = last; p > f.two; p -= 2) tab[code | p[0]] = first + p[1];
        }
    }
}
/* Would joining pay? The share of the code space whose entries would be joined. */
static int mv__gz_worth_joining(const uint8_t *lens, unsigned n, unsigned tb) {
    unsigned c[16] = { 0 }, d[16] = { 0 }, i, a, b, sum = 0;
    for (i = 0; i < 256; i++) c[lens[i]]++;
    for (i = 257; i < n; i++) d[lens[i]]++;
    for (a = 1; a < tb; a++) for (b = 1; a + b <= tb; b++) sum += (c[a] * (c[b] + d[b])) << (tb - a - b);
    return sum * 8 >= 1u << tb;
}
/* Builds the table of a code with zlib's rules: over-subscribed is an error; incomplete too, except no code
   at all (distances) or one code of one bit. Returns the index bits, 0 on error. literals: 1 for the
   literal/length code. */
static unsigned mv__gz_table(mv__gz_inf *s, const uint8_t *lens, unsigned n, int literals) {
    uint32_t *tab = literals ? s->lit : s->dis;
    const uint32_t *proto = literals ? mv__gz_lenproto : mv__gz_distproto;
    unsigned count[16] = { 0 }, offs[16], i, len, max = 15, code = 0, k = 0,
             tb = literals ? MV__GZ_LBITS : MV__GZ_DBITS;
    int left = 1, join;
    uint16_t sorted[288];
    for (i = 0; i < n; i++) count[lens[i]]++;
    count[0] = 0;
    while (max > 0 && count[max] == 0) max--;
    for (len = 1; len <= 15; len++) {
        left = 2 * left - (int)count[len];
        if (left < 0) return 0;
    }
    if (left > 0 && max > 1) return 0;
    offs[1] = 0;
    for (len = 1; len < 15; len++) offs[len + 1] = offs[len] + count[len];
    for (i = 0; i < n; i++) if (lens[i]) sorted[offs[lens[i]]++] = (uint16_t)i;
    if (left > 0) { /* none or one code */
        if (literals) tb = 1;
        for (i = 0; i < 1u << tb; i++)
            tab[i] = max && !(i & 1) ? mv__gz_entry(proto, literals, sorted[0], 1) : MV__GZ_SPECIAL | 1u;
        return tb;
    }
    join = literals && mv__gz_worth_joining(lens, n, tb);
    if (literals && !join) tb = max < MV__GZ_LBITS - 1 ? max : MV__GZ_LBITS - 1;
    /* the table doubles with each length; shorter codes repeat in the new half */
    for (len = 1; len <= tb; len++) {
        if (len > 1) mv__memcpy(tab + ((size_t)1 << (len - 1)), tab, sizeof(*tab) << (len - 1));
        for (i = 0; i < count[len]; i++) {
            tab[code] = mv__gz_entry(proto, literals, sorted[k++], len);
            code = mv__gz_nextcode(code, len);
        }
    }
    if (max > tb) mv__gz_subtables(tab, tb, sorted + k, count, tb + 1, code, proto, literals);
    if (join) mv__gz_join(s, tb, sorted, count);
    return tb;
}
static int mv__gz_fail(mv__gz_inf *s, mv_status code, const char *why) {
    s->why = why;
    return (int)code;
}
static void mv__gz_fill(mv__gz_inf *s) { /* at least 56 bits unless the input ends */
    while (s->nbits < 56 && s->in < s->in_end) {
        s->bits |= (uint64_t)*s->in++ << s->nbits;
        s->nbits += 8;
    }
}
static void mv__gz_unfill(mv__gz_inf *s) { /* whole bytes go back to the input */
    s->in -= s->nbits >> 3;
    s->nbits &= 7;
    s->bits &= (1u << s->nbits) - 1;
}
static int mv__gz_short(mv__gz_inf *s) {
    return mv__gz_fail(s, MEDVOL_E_TRUNCATED, "the data ends inside a deflate block");
}

/* code lengths of a dynamic block, then its two tables */
MV__WRAPS static int mv__gz_dynamic(mv__gz_inf *s) {
    unsigned hlit, hdist, hclen, i = 0, total;
    uint8_t cl[19] = { 0 };
    uint32_t t[128];
    unsigned count[8] = { 0 }, len, code = 0, k;
    int left = 1;
    mv__gz_fill(s);
    if (s->nbits < 14) return mv__gz_short(s);
    hlit = (unsigned)(s->bits & 31) + 257;
    hdist = (unsigned)(s->bits >> 5 & 31) + 1;
    hclen = (unsigned)(s->bits >> 10 & 15) + 4;
    s->bits >>= 14;
    s->nbits -= 14;
    total = hlit + hdist;
    if (hlit > 286 || hdist > 30)
        return mv__gz_fail(s, MEDVOL_E_CORRUPT, "too many length or distance symbols");
    for (; i < hclen; i++) {
        mv__gz_fill(s);
        if (s->nbits < 3) return mv__gz_short(s);
        cl[mv__gz_clorder[i]] = (uint8_t)(s->bits & 7);
        s->bits >>= 3;
        s->nbits -= 3;
    }
    for (i = 0; i < 19; i++) count[cl[i]]++;
    for (len = 1; len <= 7; len++) if ((left = 2 * left - (int)count[len]) < 0) break;
    if (left != 0) return mv__gz_fail(s, MEDVOL_E_CORRUPT, "invalid set of code length codes");
    for (len = 1; len <= 7; len++) for (i = 0; i < 19; i++) if (cl[i] == len) {
        for (k = code; k < 128; k += 1u << len) t[k] = i << 3 | len;
        code = mv__gz_nextcode(code, len);
    }
    for (i = 0; i < total;) {
        unsigned sym, rep, bits;
        if (s->in_end - s->in >= 8) {
            s->bits |= mv__le64(s->in) << s->nbits;
            s->in += (63 - s->nbits) >> 3;
            s->nbits |= 56;
        } else mv__gz_fill(s);
        len = t[s->bits & 127] & 7;
        sym = t[s->bits & 127] >> 3;
        bits = sym < 16 ? 0 : sym == 16 ? 2 : sym == 17 ? 3 : 7;
        if (s->nbits < len + bits) return mv__gz_short(s);
        rep = (unsigned)(s->bits >> len) & ((1u << bits) - 1);
        s->bits >>= len + bits;
        s->nbits -= len + bits;
        if (sym < 16) { s->lens[i++] = (uint8_t)sym; continue; }
        if (sym == 16 && i == 0)
            return mv__gz_fail(s, MEDVOL_E_CORRUPT, "a repeat with no code length before it");
        rep += sym == 18 ? 11 : 3;
        if (i + rep > total)
            return mv__gz_fail(s, MEDVOL_E_CORRUPT, "a repeat runs over the last code length");
        mv__memset(s->lens + i, sym == 16 ? s->lens[i - 1] : 0, rep);
        i += rep;
    }
    s->bits &= ((uint64_t)1 << s->nbits) - 1; /* the wide refill leaves bits above the count */
    if (s->lens[256] == 0) return mv__gz_fail(s, MEDVOL_E_CORRUPT, "no end-of-block code");
    s->fixed = 0;
    k = mv__gz_table(s, s->lens, hlit, 1);
    if (k == 0) return mv__gz_fail(s, MEDVOL_E_CORRUPT, "invalid set of literal/length codes");
    s->lmask = (1u << k) - 1;
    k = mv__gz_table(s, s->lens + hlit, hdist, 0);
    if (k == 0) return mv__gz_fail(s, MEDVOL_E_CORRUPT, "invalid set of distance codes");
    s->state = MV__GZ_CODES;
    return MV__GZ_DONE;
}
static void mv__gz_fixed(mv__gz_inf *s) {
    s->state = MV__GZ_CODES;
    if (s->fixed) return;
    mv__memset(s->lens, 8, 144);
    mv__memset(s->lens + 144, 9, 112);
    mv__memset(s->lens + 256, 7, 24);
    mv__memset(s->lens + 280, 8, 8);
    s->lmask = (1u << mv__gz_table(s, s->lens, 288, 1)) - 1;
    mv__memset(s->lens, 5, 32);
    mv__gz_table(s, s->lens, 32, 0);
    s->fixed = 1;
}
static int mv__gz_blockhead(mv__gz_inf *s) {
    unsigned type, len;
    if (!s->eof && s->in_end - s->in < 1024) return MV__GZ_NEED_IN; /* a dynamic head is at most 600 bytes */
    mv__gz_fill(s);
    if (s->nbits < 3) return mv__gz_short(s);
    s->last = (int)(s->bits & 1);
    type = (unsigned)(s->bits >> 1 & 3);
    s->bits >>= 3;
    s->nbits -= 3;
    if (type == 3) return mv__gz_fail(s, MEDVOL_E_CORRUPT, "block type 3");
    if (type == 2) return mv__gz_dynamic(s);
    if (type == 1) { mv__gz_fixed(s); return MV__GZ_DONE; }
    mv__gz_unfill(s);
    s->bits = 0;
    s->nbits = 0;
    if (s->in_end - s->in < 4) return mv__gz_short(s);
    len = s->in[0] | (unsigned)s->in[1] << 8;
    if ((len ^ (s->in[2] | (unsigned)s->in[3] << 8)) != 0xFFFF)
        return mv__gz_fail(s, MEDVOL_E_CORRUPT, "a stored block's length and its complement disagree");
    s->in += 4;
    s->stored = len;
    s->state = MV__GZ_STORED;
    return MV__GZ_DONE;
}
static int mv__gz_stored(mv__gz_inf *s) {
    while (s->stored > 0) {
        size_t k = s->stored, have = (size_t)(s->in_end - s->in),
               room = s->out < s->soft ? (size_t)(s->soft - s->out) : 0;
        if (room == 0) return MV__GZ_NEED_OUT;
        if (have == 0) return s->eof ? mv__gz_short(s) : MV__GZ_NEED_IN;
        if (k > have) k = have;
        if (k > room) k = room;
        mv__memcpy(s->out, s->in, k);
        s->in += k;
        s->out += k;
        s->stored -= (uint32_t)k;
    }
    s->state = MV__GZ_BLOCKHEAD;
    return MV__GZ_DONE;
}
/* gives out literals and a copy that did not fit before */
static int mv__gz_pending(mv__gz_inf *s) {
    for (; s->nlits > 0; s->nlits--, s->lits >>= 8) {
        if (s->out == s->hard) return MV__GZ_NEED_OUT;
        *s->out++ = (uint8_t)s->lits;
    }
    for (; s->len > 0; s->len--, s->out++) {
        if (s->out == s->hard) return MV__GZ_NEED_OUT;
        *s->out = *(s->out - s->dist);
    }
    s->state = MV__GZ_CODES;
    return MV__GZ_DONE;
}
/* one symbol with every check: near the ends of the buffers */
static int mv__gz_symbol(mv__gz_inf *s) {
    uint32_t e, d = 0, used;
    mv__gz_fill(s);
    if (!s->eof && s->nbits < 48) return MV__GZ_NEED_IN;
    e = s->lit[s->bits & s->lmask];
    used = e & 63;
    if (e & MV__GZ_SPECIAL && !MV__GZ_LIT(e) && e & MV__GZ_SUB) {
        e = s->lit[(e >> 16) + ((s->bits >> used) & ((1u << MV__GZ_CODE(e)) - 1))];
        d = used; /* bits before the subtable's */
        used += e & 63;
    }
    if (used > s->nbits) return mv__gz_short(s);
    if (!(e & MV__GZ_EOB && e & MV__GZ_SPECIAL && !MV__GZ_LIT(e)) && s->out >= s->soft)
        return MV__GZ_NEED_OUT;
    if (MV__GZ_LIT(e)) {
        s->lits = e >> 8;
        s->nlits = e >> 6 & 3;
    } else if (e & MV__GZ_SPECIAL) {
        if (!(e & MV__GZ_EOB)) return mv__gz_fail(s, MEDVOL_E_CORRUPT, "invalid literal/length code");
        s->state = MV__GZ_BLOCKHEAD;
    } else {
        uint64_t rest = s->bits >> used;
        uint32_t base = used;
        uint32_t first = e & MV__GZ_FIRST ? 1 : 0;
        s->len = 3 + (e >> 16 & 255) +
                 ((uint32_t)((s->bits >> d) & (((uint64_t)1 << (e & 63)) - 1)) >> MV__GZ_CODE(e));
        d = s->dis[rest & ((1u << MV__GZ_DBITS) - 1)];
        if (d & MV__GZ_SPECIAL && d & MV__GZ_SUB) {
            rest >>= d & 63;
            base += d & 63;
            d = s->dis[(d >> 16) + (rest & ((1u << MV__GZ_CODE(d)) - 1))];
        }
        used = base + (d & 63);
        if (used > s->nbits) { s->len = 0; return mv__gz_short(s); }
        if (d & MV__GZ_SPECIAL) {
            s->len = 0;
            return mv__gz_fail(s, MEDVOL_E_CORRUPT, "invalid distance code");
        }
        s->dist = (d >> 16) + ((uint32_t)(rest & (((uint64_t)1 << (d & 63)) - 1)) >> MV__GZ_CODE(d));
        if (s->dist > (size_t)(s->out - s->hist) + first) {
            s->len = 0;
            return mv__gz_fail(s, MEDVOL_E_CORRUPT, "a distance reaches before the start of the data");
        }
        s->lits = e >> 24;
        s->nlits = first;
    }
    s->bits >>= used;
    s->nbits -= used;
    if (s->nlits | s->len) s->state = MV__GZ_COPY;
    return MV__GZ_DONE;
}
static int mv__gz_codes(mv__gz_inf *s) {
    int r;
    while (s->in_end - s->in >= MV__GZ_INSLACK && s->hard - s->out >= MV__GZ_SLACK && s->out < s->soft) {
        r = MV__PICK(mv__gz_fast)(s);
        if (r == MV__GZ_BLOCKEND) { s->state = MV__GZ_BLOCKHEAD; return MV__GZ_DONE; }
        if (r == MV__GZ_E_SYM) return mv__gz_fail(s, MEDVOL_E_CORRUPT, "invalid literal/length code");
        if (r == MV__GZ_E_DSYM) return mv__gz_fail(s, MEDVOL_E_CORRUPT, "invalid distance code");
        if (r == MV__GZ_E_FAR)
            return mv__gz_fail(s, MEDVOL_E_CORRUPT, "a distance reaches before the start of the data");
        mv__gz_unfill(s);
    }
    return mv__gz_symbol(s);
}
/* Runs until the stream ends, soft is reached (and the next thing makes output), or more input is needed.
   Leaves fewer than eight bits in the accumulator, so that the input may be moved. */
static int mv__gz_decode(mv__gz_inf *s) {
    int r = MV__GZ_DONE;
    while (r == MV__GZ_DONE) {
        switch (s->state) {
            case MV__GZ_BLOCKHEAD:
                if (s->last) {
                    mv__gz_unfill(s);
                    s->bits = 0;
                    s->nbits = 0;
                    return MV__GZ_DONE;
                }
                r = mv__gz_blockhead(s);
                break;
            case MV__GZ_STORED: r = mv__gz_stored(s); break;
            case MV__GZ_COPY: r = mv__gz_pending(s); break;
            default: r = mv__gz_codes(s); break;
        }
    }
    mv__gz_unfill(s);
    return r;
}
static void mv__gz_begin(mv__gz_inf *s) { /* a new stream; tables of the fixed codes stay good */
    s->bits = 0;
    s->nbits = s->nlits = s->len = s->stored = 0;
    s->state = MV__GZ_BLOCKHEAD;
    s->last = 0;
    s->hist = s->out;
}
static int mv__gz_overlap(const void *a, size_t na, const void *b, size_t nb) {
    uintptr_t x = (uintptr_t)a, y = (uintptr_t)b;
    return na && nb && (x < y ? y - x < na : x - y < nb);
}
MEDVOL_DEF uint64_t mv_inflate_bound(uint64_t n) {
    return n > UINT64_MAX / 1032 ? UINT64_MAX : n * 1032;
}
static mv_status mv__gz_args(mv_ctx *ctx, const void *dst, size_t cap, const void *src, size_t n) {
    if ((!dst && cap) || (!src && n)) return mv__fail_null(ctx, "gzip", dst || !cap ? "src" : "dst");
    if (mv__gz_overlap(dst, cap, src, n))
        return mv__fail(ctx, MEDVOL_E_ALIAS, "dst", 0, -1, "gzip: dst and src overlap");
    return MEDVOL_OK;
}
MEDVOL_DEF mv_status mv_inflate(mv_ctx *ctx, void *dst, size_t cap, const void *src, size_t n, size_t *used,
                                size_t *made) {
    static const uint8_t none[1] = { 0 };
    mv__gz_inf *s;
    uint8_t nowhere[1];
    mv_status st = mv__gz_args(ctx, dst, cap, src, n);
    int r;
    if (used) *used = 0;
    if (made) *made = 0;
    if (st < 0) return st;
    s = (mv__gz_inf *)mv__alloc(ctx, sizeof(*s));
    if (!s) return MEDVOL_E_NOMEM;
    s->fixed = 0;
    s->eof = 1;
    s->in = n ? (const uint8_t *)src : none;
    s->in_end = s->in + n;
    s->out = cap ? (uint8_t *)dst : nowhere;
    s->soft = s->hard = s->out + cap;
    mv__gz_begin(s);
    r = mv__gz_decode(s);
    if (used) *used = n - (size_t)(s->in_end - s->in);
    if (made) *made = cap - (size_t)(s->hard - s->out);
    if (r == MV__GZ_NEED_OUT)
        st = mv__fail(ctx, MEDVOL_E_SPACE, "dst", (double)cap, (int64_t)(n - (size_t)(s->in_end - s->in)),
                      "inflate: more data than the %zu bytes of the destination", cap);
    else if (r < 0)
        st = mv__fail(ctx, (mv_status)r, "deflate", 0, (int64_t)(n - (size_t)(s->in_end - s->in)),
                      "inflate: %s, near byte %zu of %zu", s->why, n - (size_t)(s->in_end - s->in), n);
    mv__free(ctx, s);
    return st;
}
MEDVOL_DEF mv_status mv_inflate_zlib(mv_ctx *ctx, void *dst, size_t cap, const void *src, size_t n,
                                     size_t *used, size_t *made) {
    const uint8_t *p = (const uint8_t *)src;
    mv_status st = mv__gz_args(ctx, dst, cap, src, n);
    size_t in = 0, out = 0;
    uint32_t want;
    if (used) *used = 0;
    if (made) *made = 0;
    if (st < 0) return st;
    if (n < 2)
        return mv__fail(ctx, MEDVOL_E_TRUNCATED, "zlib", (double)n, 0,
                        "zlib: %zu bytes, the head alone has 2", n);
    if ((p[0] & 15) != 8 || p[0] >> 4 > 7 || ((unsigned)p[0] * 256 + p[1]) % 31 != 0)
        return mv__fail(ctx, MEDVOL_E_FORMAT, "zlib", p[0], 0, "zlib: bad head bytes %x %x", (unsigned)p[0],
                        (unsigned)p[1]);
    if (p[1] & 32)
        return mv__fail(ctx, MEDVOL_E_UNSUPPORTED, "zlib", p[1], 1, "zlib: needs a preset dictionary");
    st = mv_inflate(ctx, dst, cap, p + 2, n - 2, &in, &out);
    in += 2;
    if (st == MEDVOL_OK) {
        if (n - in < 4)
            st = mv__fail(ctx, MEDVOL_E_TRUNCATED, "zlib", (double)(n - in), (int64_t)in,
                          "zlib: the Adler-32 is cut off");
        else {
            want = (uint32_t)p[in] << 24 | (uint32_t)p[in + 1] << 16 | (uint32_t)p[in + 2] << 8 | p[in + 3];
            if (want != mv_adler32(1, out ? dst : p, out))
                st = mv__fail(ctx, MEDVOL_E_CORRUPT, "zlib", (double)want, (int64_t)in,
                              "zlib: the Adler-32 does not match the data");
            in += 4;
        }
    }
    if (used) *used = in;
    if (made) *made = out;
    return st;
}
/* ---- gzip members: reader ---- */
#define MV__GZ_CHUNK ((size_t)1 << 18)   /* decoded between two looks at the CRC: stays in L2 */
#define MV__GZ_DIRECT ((size_t)3 << 15)  /* reads from this size on decode into the caller's memory */
#define MV__GZ_INBUF ((size_t)1 << 16)
#define MV__GZ_WIN (MV__GZ_WINDOW + MV__GZ_CHUNK + 512)
enum { MV__GZ_HEAD, MV__GZ_BODY, MV__GZ_TRAIL, MV__GZ_END };
struct mv_gzip_reader {
    mv__gz_inf inf;
    mv_gzip_read_fn read; /* NULL: memory */
    void *user;
    uint8_t *ibuf, *win;
    const uint8_t *in_base; /* inf.in - in_base + in_off is the position in the file */
    uint64_t in_off, told, member_n, head_at;
    size_t rd, wr;          /* decoded bytes in win that were not handed out yet */
    uint64_t max_bytes, max_members, limit; /* limit: the one that was passed */
    uint32_t crc;
    int stage, io_bad, single; /* single: stop behind the first member */
    mv_status err;
    const char *err_field, *err_text; /* told again by the calls that follow */
    mv_gzip_info info;
};
static uint64_t mv__gz_at(const mv_gzip_reader *r) { return r->in_off + (uint64_t)(r->inf.in - r->in_base); }
static mv_status mv__gz_bad(mv_ctx *ctx, mv_gzip_reader *r, mv_status code, const char *field,
                            const char *what) {
    r->err = code;
    r->err_field = field;
    r->err_text = what;
    if (code == MEDVOL_E_LIMIT)
        return mv__fail(ctx, code, field, (double)r->limit, (int64_t)mv__gz_at(r),
                        "gzip: %s = %llu (member %llu, byte %llu)", what, (unsigned long long)r->limit,
                        (unsigned long long)r->info.members, (unsigned long long)mv__gz_at(r));
    return mv__fail(ctx, code, field, (double)r->info.members, (int64_t)mv__gz_at(r),
                    "gzip: %s (member %llu, byte %llu)", what, (unsigned long long)r->info.members,
                    (unsigned long long)mv__gz_at(r));
}
static mv_status mv__gz_again(mv_ctx *ctx, mv_gzip_reader *r) {
    return mv__gz_bad(ctx, r, r->err, r->err_field, r->err_text);
}
/* Moves the rest of the input to the front and reads until there are `least` bytes or the source ends. */
static void mv__gz_more(mv_gzip_reader *r, size_t least) {
    size_t have = (size_t)(r->inf.in_end - r->inf.in);
    if (r->inf.eof) return;
    r->in_off += (uint64_t)(r->inf.in - r->in_base);
    mv__memmove(r->ibuf, r->inf.in, have);
    while (have < least) {
        ptrdiff_t k = r->read(r->user, r->ibuf + have, MV__GZ_INBUF - have);
        if (k < 0 || (size_t)k > MV__GZ_INBUF - have) r->io_bad = 1;
        if (k <= 0 || r->io_bad) { r->inf.eof = 1; break; }
        have += (size_t)k;
    }
    r->inf.in = r->in_base = r->ibuf;
    r->inf.in_end = r->ibuf + have;
}
static int mv__gz_byte(mv_gzip_reader *r, uint32_t *crc) { /* next byte of a head or trailer, -1 at the end */
    uint8_t b;
    if (r->inf.in == r->inf.in_end) mv__gz_more(r, 1);
    if (r->inf.in == r->inf.in_end) return -1;
    b = *r->inf.in++;
    if (crc) *crc = mv__gz_crctab[(*crc ^ b) & 255] ^ *crc >> 8;
    return b;
}
/* Counts what lies behind the last member; the bytes a and b were taken already. */
static void mv__gz_tail(mv_gzip_reader *r, int a, int b) {
    r->stage = MV__GZ_END;
    r->info.tail_n = (uint64_t)(a >= 0) + (uint64_t)(b >= 0);
    r->info.tail_garbage = a > 0 || b > 0;
    for (;;) {
        const uint8_t *p = r->inf.in, *e = r->inf.in_end;
        r->info.tail_n += (uint64_t)(e - p);
        if (!r->info.tail_garbage) while (p < e && *p == 0) p++;
        if (p < e) r->info.tail_garbage = 1;
        r->inf.in = e;
        if (r->inf.eof) break;
        mv__gz_more(r, 1);
    }
}
static mv_status mv__gz_cut(mv_ctx *ctx, mv_gzip_reader *r, const char *where) {
    if (r->io_bad) return mv__gz_bad(ctx, r, MEDVOL_E_IO, "read", "the read callback failed");
    return mv__gz_bad(ctx, r, MEDVOL_E_TRUNCATED, "gzip", where);
}
/* The extra field: only 'BC' and 'IG' mean something here, and only in the first member. */
static int mv__gz_extra(mv_gzip_reader *r, uint32_t *crc) {
    int lo = mv__gz_byte(r, crc), hi = mv__gz_byte(r, crc), i, b, head[4] = { 0, 0, 0, 0 };
    if (lo < 0 || hi < 0) return 0;
    for (i = 0; i < lo + 256 * hi; i++) {
        if ((b = mv__gz_byte(r, crc)) < 0) return 0;
        if (i < 4) head[i] = b;
    }
    if (r->info.members == 0 && i >= 6 && head[0] == 'B' && head[1] == 'C' && head[2] == 2 && head[3] == 0)
        r->info.kind = MEDVOL_GZIP_BGZF;
    if (r->info.members == 0 && i >= 8 && head[0] == 'I' && head[1] == 'G' && head[2] == 4 && head[3] == 0)
        r->info.kind = MEDVOL_GZIP_MGZIP;
    return 1;
}
static mv_status mv__gz_head(mv_ctx *ctx, mv_gzip_reader *r) {
    uint32_t crc = 0xFFFFFFFFu, got;
    int i, flags = 0, b, a;
    r->head_at = mv__gz_at(r);
    a = mv__gz_byte(r, &crc);
    if (a < 0 && r->io_bad) return mv__gz_cut(ctx, r, "");
    if (a < 0 && r->info.members > 0) { r->stage = MV__GZ_END; return MEDVOL_OK; }
    b = a == 0x1f ? mv__gz_byte(r, &crc) : -1;
    if (a != 0x1f || b != 0x8b) {
        if (r->info.members == 0)
            return mv__gz_bad(ctx, r, MEDVOL_E_FORMAT, "magic", "not a gzip file (no 1f 8b at the start)");
        mv__gz_tail(r, a, b);
        return r->io_bad ? mv__gz_cut(ctx, r, "") : MEDVOL_OK;
    }
    for (i = 2; i < 10; i++) {
        if ((b = mv__gz_byte(r, &crc)) < 0) return mv__gz_cut(ctx, r, "the file ends inside a member's head");
        if (i == 2 && b != 8)
            return mv__gz_bad(ctx, r, MEDVOL_E_UNSUPPORTED, "method",
                              "compression method is not 8 (deflate)");
        if (i == 3) flags = b;
    }
    if (flags & 0xE0) return mv__gz_bad(ctx, r, MEDVOL_E_UNSUPPORTED, "flags", "reserved flag bits are set");
    if (r->info.members == 0) r->info.kind = MEDVOL_GZIP_PLAIN;
    if (flags & 4 && !mv__gz_extra(r, &crc))
        return mv__gz_cut(ctx, r, "the file ends inside the extra field");
    for (i = 8; i <= 16; i += 8) { /* name, comment: up to a zero byte */
        if (!(flags & i)) continue;
        while ((b = mv__gz_byte(r, &crc)) > 0) {}
        if (b < 0)
            return mv__gz_cut(ctx, r,
                              i == 8 ? "the file ends inside the name" : "the file ends inside the comment");
    }
    if (flags & 2) {
        got = ~crc & 0xFFFF;
        a = mv__gz_byte(r, NULL);
        b = mv__gz_byte(r, NULL);
        if (b < 0) return mv__gz_cut(ctx, r, "the file ends inside the head's CRC");
        if (got != (uint32_t)(a | b << 8))
            return mv__gz_bad(ctx, r, MEDVOL_E_CORRUPT, "FHCRC", "the head's CRC-16 does not match");
    }
    mv__gz_begin(&r->inf);
    r->crc = 0;
    r->member_n = 0;
    r->stage = MV__GZ_BODY;
    return MEDVOL_OK;
}
static mv_status mv__gz_trailer(mv_ctx *ctx, mv_gzip_reader *r) {
    uint32_t v[2] = { 0, 0 };
    int i, b;
    for (i = 0; i < 8; i++) {
        if ((b = mv__gz_byte(r, NULL)) < 0)
            return mv__gz_cut(ctx, r, "the file ends inside a member's trailer");
        v[i >> 2] |= (uint32_t)b << 8 * (i & 3);
    }
    if (v[0] != r->crc)
        return mv__gz_bad(ctx, r, MEDVOL_E_CORRUPT, "CRC32", "the CRC-32 does not match the data");
    if (v[1] != (uint32_t)r->member_n)
        return mv__gz_bad(ctx, r, MEDVOL_E_CORRUPT, "ISIZE",
                          "the length in the trailer does not match the data");
    r->info.members++;
    r->info.src_n = mv__gz_at(r);
    r->stage = r->single ? MV__GZ_END : MV__GZ_HEAD;
    if (r->max_members && r->info.members >= r->max_members && r->stage == MV__GZ_HEAD) {
        if (r->inf.in == r->inf.in_end) mv__gz_more(r, 1);
        r->limit = r->max_members;
        if (r->inf.in < r->inf.in_end && *r->inf.in == 0x1f)
            return mv__gz_bad(ctx, r, MEDVOL_E_LIMIT, "max_members", "more members than limits.max_members");
    }
    return MEDVOL_OK;
}
/* one slice of the body; *full: out has reached soft and there is more */
static mv_status mv__gz_body(mv_ctx *ctx, mv_gzip_reader *r, uint8_t *soft, int *full) {
    mv__gz_inf *s = &r->inf;
    uint8_t *mark = s->out;
    size_t k;
    int rc;
    s->soft = soft > mark && (size_t)(soft - mark) > MV__GZ_CHUNK ? mark + MV__GZ_CHUNK : soft;
    rc = mv__gz_decode(s);
    k = (size_t)(s->out - mark);
    r->crc = mv_crc32(r->crc, mark, k);
    r->member_n += k;
    r->info.dst_n += k;
    if (r->max_bytes && r->info.dst_n > r->max_bytes) {
        r->limit = r->max_bytes;
        return mv__gz_bad(ctx, r, MEDVOL_E_LIMIT, "max_bytes", "more data than limits.max_bytes");
    }
    if (rc == MV__GZ_NEED_OUT) *full = s->out >= soft;
    else if (rc == MV__GZ_NEED_IN) *full = -1;
    else if (rc < 0)
        return r->io_bad ? mv__gz_cut(ctx, r, "") : mv__gz_bad(ctx, r, (mv_status)rc, "deflate", s->why);
    else r->stage = MV__GZ_TRAIL;
    return MEDVOL_OK;
}
/* Runs the members until out reaches soft or the file ends. eager: look behind soft as far as that makes no
   output; *full = 1 then says that there would be more. Errors behind soft are kept for the next call when
   not eager. */
static mv_status mv__gz_run(mv_ctx *ctx, mv_gzip_reader *r, uint8_t *soft, int eager, int *full) {
    mv_status st = r->err;
    *full = 0;
    while (st == MEDVOL_OK && r->stage != MV__GZ_END) {
        if (r->inf.out >= soft && !eager && r->stage == MV__GZ_HEAD) break;
        if (r->stage == MV__GZ_HEAD) st = mv__gz_head(ctx, r);
        else if (r->stage == MV__GZ_TRAIL) st = mv__gz_trailer(ctx, r);
        else {
            st = mv__gz_body(ctx, r, soft, full);
            if (st == MEDVOL_OK && *full < 0) {
                if (r->inf.out >= soft && !eager) break;
                mv__gz_more(r, 2048);
                *full = 0;
            }
            if (*full) break;
        }
    }
    return st;
}
static void mv__gz_setup(mv_ctx *ctx, mv_gzip_reader *r, const void *src, size_t n) {
    static const uint8_t none[1] = { 0 };
    mv__memset(&r->inf, 0, offsetof(mv__gz_inf, lens));
    r->read = NULL;
    r->user = NULL;
    r->ibuf = r->win = NULL;
    r->in_off = r->told = r->member_n = r->head_at = 0;
    r->rd = r->wr = 0;
    r->max_bytes = ctx ? ctx->desc.limits.max_bytes : 0;
    r->max_members = ctx && ctx->desc.limits.max_members ? ctx->desc.limits.max_members : (uint64_t)1 << 32;
    r->crc = 0;
    r->stage = MV__GZ_HEAD;
    r->io_bad = r->single = 0;
    r->err = MEDVOL_OK;
    mv__memset(&r->info, 0, sizeof(r->info));
    r->inf.eof = 1;
    r->inf.in = r->in_base = n ? (const uint8_t *)src : none;
    r->inf.in_end = r->inf.in + n;
}
static mv_status mv__gz_open(mv_ctx *ctx, mv_gzip_reader **reader, const void *src, size_t n,
                             mv_gzip_read_fn read, void *user) {
    size_t total = sizeof(mv_gzip_reader) + 64 + MV__GZ_WIN + (read ? MV__GZ_INBUF : 0);
    mv_gzip_reader *r = (mv_gzip_reader *)mv__alloc(ctx, total);
    if (!r) return MEDVOL_E_NOMEM;
    mv__gz_setup(ctx, r, src, n);
    r->win = (uint8_t *)r + ((sizeof(*r) + 63) & ~(size_t)63);
    r->inf.out = r->win;
    if (read) {
        r->ibuf = r->win + MV__GZ_WIN;
        r->read = read;
        r->user = user;
        r->inf.eof = 0;
        r->inf.in = r->inf.in_end = r->in_base = r->ibuf;
    }
    *reader = r;
    return MEDVOL_OK;
}
MEDVOL_DEF mv_status mv_gzip_open(mv_ctx *ctx, mv_gzip_reader **reader, mv_gzip_read_fn read, void *user) {
    if (reader) *reader = NULL;
    if (!reader || !read) return mv__fail_null(ctx, "mv_gzip_open", reader ? "read" : "reader");
    return mv__gz_open(ctx, reader, NULL, 0, read, user);
}
MEDVOL_DEF mv_status mv_gzip_open_mem(mv_ctx *ctx, mv_gzip_reader **reader, const void *src, size_t n) {
    if (reader) *reader = NULL;
    if (!reader || (!src && n)) return mv__fail_null(ctx, "mv_gzip_open_mem", reader ? "src" : "reader");
    return mv__gz_open(ctx, reader, src, n, NULL, NULL);
}
MEDVOL_DEF void mv_gzip_close(mv_ctx *ctx, mv_gzip_reader *reader) { if (reader) mv__free(ctx, reader); }
MEDVOL_DEF uint64_t mv_gzip_tell(const mv_gzip_reader *reader) { return reader ? reader->told : 0; }

/* Points the decoder at p with the history it may look back to, which lies in front of p. */
static void mv__gz_aim(mv_gzip_reader *r, uint8_t *p, uint8_t *hard) {
    size_t back = r->member_n < MV__GZ_WINDOW ? (size_t)r->member_n : MV__GZ_WINDOW;
    r->inf.out = p;
    r->inf.hard = hard;
    r->inf.hist = p - back;
}
/* Decodes into the window until `want` bytes wait there (at most MV__GZ_CHUNK) or the end comes. */
static mv_status mv__gz_ahead(mv_ctx *ctx, mv_gzip_reader *r, size_t want, int eager, int *full) {
    mv_status st;
    if (r->wr > MV__GZ_WINDOW && r->wr + want + 512 > MV__GZ_WIN) { /* nothing waits: keep the last 32 KiB */
        mv__memmove(r->win, r->win + r->wr - MV__GZ_WINDOW, MV__GZ_WINDOW);
        r->rd = r->wr = MV__GZ_WINDOW;
    }
    mv__gz_aim(r, r->win + r->wr, r->win + MV__GZ_WIN);
    st = mv__gz_run(ctx, r, r->win + r->rd + want, eager, full);
    r->wr = (size_t)(r->inf.out - r->win);
    return st;
}
/* A large piece straight into dst; done bytes (32 KiB, or all there are) are there already as history. */
static mv_status mv__gz_straight(mv_ctx *ctx, mv_gzip_reader *r, uint8_t *dst, size_t *done, size_t n) {
    mv_status st;
    int full;
    mv__gz_aim(r, dst + *done, dst + n);
    st = mv__gz_run(ctx, r, dst + n, 0, &full);
    *done = (size_t)(r->inf.out - dst);
    mv__memcpy(r->win, dst + *done - MV__GZ_WINDOW, MV__GZ_WINDOW);
    r->rd = r->wr = MV__GZ_WINDOW;
    return st;
}
static mv_status mv__gz_short_read(mv_ctx *ctx, mv_gzip_reader *r, uint64_t done, uint64_t n) {
    return mv__fail(ctx, MEDVOL_E_TRUNCATED, "gzip", (double)done, (int64_t)mv__gz_at(r),
                    "gzip: the data ends after %llu of %llu bytes", (unsigned long long)done,
                    (unsigned long long)n);
}
MEDVOL_DEF mv_status mv_gzip_read(mv_ctx *ctx, mv_gzip_reader *r, void *dst, size_t n, size_t *got) {
    uint8_t *d = (uint8_t *)dst;
    size_t done = 0, k;
    mv_status st = MEDVOL_OK;
    int full;
    if (got) *got = 0;
    if (!r || (!d && n)) return mv__fail_null(ctx, "mv_gzip_read", r ? "dst" : "reader");
    while (done < n) {
        if (r->rd < r->wr) {
            k = r->wr - r->rd < n - done ? r->wr - r->rd : n - done;
            mv__memcpy(d + done, r->win + r->rd, k);
            r->rd += k;
            done += k;
            continue;
        }
        if (st < 0 || r->err < 0 || r->stage == MV__GZ_END) break;
        if (n - done >= MV__GZ_DIRECT && done >= MV__GZ_WINDOW) st = mv__gz_straight(ctx, r, d, &done, n);
        else st = mv__gz_ahead(ctx, r, n - done >= MV__GZ_DIRECT ? MV__GZ_WINDOW - done : n - done, 0, &full);
    }
    r->told += done;
    if (got) *got = done;
    if (done == n) return MEDVOL_OK; /* an error behind these bytes waits for the next call */
    if (r->err < 0)
        return st < 0 ? st : mv__gz_again(ctx, r);
    return got ? MEDVOL_OK : mv__gz_short_read(ctx, r, done, n);
}
MEDVOL_DEF mv_status mv_gzip_skip(mv_ctx *ctx, mv_gzip_reader *r, uint64_t n, uint64_t *got) {
    uint64_t done = 0, k;
    mv_status st = MEDVOL_OK;
    int full;
    if (got) *got = 0;
    if (!r) return mv__fail_null(ctx, "mv_gzip_skip", "reader");
    while (done < n) {
        if (r->rd < r->wr) {
            k = r->wr - r->rd < n - done ? r->wr - r->rd : n - done;
            r->rd += (size_t)k;
            done += k;
            continue;
        }
        if (st < 0 || r->err < 0 || r->stage == MV__GZ_END) break;
        st = mv__gz_ahead(ctx, r, n - done < MV__GZ_CHUNK ? (size_t)(n - done) : MV__GZ_CHUNK, 0, &full);
    }
    r->told += done;
    if (got) *got = done;
    if (done == n) return MEDVOL_OK;
    if (r->err < 0)
        return st < 0 ? st : mv__gz_again(ctx, r);
    return got ? MEDVOL_OK : mv__gz_short_read(ctx, r, done > SIZE_MAX ? SIZE_MAX : done, n);
}
MEDVOL_DEF mv_status mv_gzip_finish(mv_ctx *ctx, mv_gzip_reader *r, uint64_t max_surplus,
                                    mv_gzip_info *info) {
    uint64_t start;
    mv_status st = MEDVOL_OK;
    int full = 0;
    if (info) mv__memset(info, 0, sizeof(*info));
    if (!r) return mv__fail_null(ctx, "mv_gzip_finish", "reader");
    start = r->told;
    if (r->err < 0) st = mv__gz_again(ctx, r);
    while (st == MEDVOL_OK && r->stage != MV__GZ_END) {
        uint64_t left = r->info.dst_n - start;
        if (left > max_surplus) break;
        left = max_surplus - left;
        r->rd = r->wr;
        st = mv__gz_ahead(ctx, r, left < MV__GZ_CHUNK ? (size_t)left + 1 : MV__GZ_CHUNK, 1, &full);
    }
    if (st == MEDVOL_OK && r->info.dst_n - start > max_surplus) {
        r->limit = max_surplus;
        st = mv__gz_bad(ctx, r, MEDVOL_E_LIMIT, "max_surplus",
                        "more data behind the wanted bytes than max_surplus");
    }
    r->rd = r->wr;
    r->told = r->info.dst_n;
    if (st == MEDVOL_OK) r->info.verified = 1;
    if (info) *info = r->info;
    return st;
}
/* ---- gzip members: whole files, index ---- */
MEDVOL_DEF int mv_gzip_is(const void *src, size_t n) {
    const uint8_t *p = (const uint8_t *)src;
    return p && n >= 3 && p[0] == 0x1f && p[1] == 0x8b && p[2] == 8;
}
MEDVOL_DEF size_t mv_gzip_scratch_size(void) { return (sizeof(mv_gzip_reader) + 63) & ~(size_t)63; }
/* Decodes one member that must fill dst and use up src. */
static mv_status mv__gz_member(mv_ctx *ctx, mv_gzip_reader *r, uint8_t *dst, size_t dst_n, const uint8_t *src,
                               size_t src_n) {
    uint8_t nowhere[1];
    mv_status st;
    int full;
    mv__gz_setup(NULL, r, src, src_n);
    r->single = 1;
    r->inf.out = dst ? dst : nowhere;
    r->inf.hard = r->inf.out + dst_n;
    st = mv__gz_run(ctx, r, r->inf.hard, 1, &full);
    if (st < 0) return st;
    if (full || r->inf.out != r->inf.hard)
        return mv__gz_bad(ctx, r, MEDVOL_E_CORRUPT, "ISIZE",
                          full ? "the member holds more than it claims"
                               : "the member holds less than it claims");
    if (r->inf.in != r->inf.in_end)
        return mv__gz_bad(ctx, r, MEDVOL_E_CORRUPT, "size field",
                          "the member ends before its size field says");
    return MEDVOL_OK;
}
MEDVOL_DEF mv_status mv_gzip_member_unpack(mv_ctx *ctx, void *dst, size_t dst_n, const void *src,
                                           size_t src_n, void *scratch) {
    mv_status st = mv__gz_args(ctx, dst, dst_n, src, src_n);
    mv_gzip_reader *r = (mv_gzip_reader *)scratch;
    if (st < 0) return st;
    if (!r && !(r = (mv_gzip_reader *)mv__alloc(ctx, sizeof(*r)))) return MEDVOL_E_NOMEM;
    st = mv__gz_member(ctx, r, (uint8_t *)dst, dst_n, (const uint8_t *)src, src_n);
    if (!scratch) mv__free(ctx, r);
    return st;
}
/* Size of the member whose head is h (n bytes known), 0 when it carries no size field of this kind (0:
   either). */
static uint64_t mv__gz_claim(const uint8_t *h, size_t n, int *kind) {
    unsigned xlen;
    uint64_t size = 0;
    int k = 0;
    if (n < 20 || h[0] != 0x1f || h[1] != 0x8b || h[2] != 8 || !(h[3] & 4) || h[3] & 0xE0) return 0;
    xlen = mv__le16(h + 10);
    if (xlen >= 6 && h[12] == 'B' && h[13] == 'C' && h[14] == 2 && h[15] == 0) {
        k = MEDVOL_GZIP_BGZF;
        size = mv__le16(h + 16) + (uint64_t)1;
    }
    if (xlen >= 8 && h[12] == 'I' && h[13] == 'G' && h[14] == 4 && h[15] == 0) {
        k = MEDVOL_GZIP_MGZIP;
        size = mv__le32(h + 16);
    }
    if (k == 0 || (*kind && *kind != k) || size < xlen + 22u) return 0; /* 12 head, 2 deflate, 8 trailer */
    *kind = k;
    return size;
}
static mv_status mv__gz_index_add(mv_ctx *ctx, mv_gzip_index *x, size_t *room, const mv_gzip_member *m) {
    if (x->count == *room) {
        size_t more = *room ? *room * 2 : 64, bytes;
        mv_gzip_member *p;
        if (!mv__mul(more, sizeof(*p), &bytes))
            return mv__fail(ctx, MEDVOL_E_SIZE, "members", (double)more, -1, "gzip: too many members");
        if (!(p = (mv_gzip_member *)mv__alloc(ctx, bytes))) return MEDVOL_E_NOMEM;
        if (x->count) mv__memcpy(p, x->member, x->count * sizeof(*p));
        mv__free(ctx, x->member);
        x->member = p;
        *room = more;
    }
    x->member[x->count++] = *m;
    return MEDVOL_OK;
}
MEDVOL_DEF void mv_gzip_index_free(mv_ctx *ctx, mv_gzip_index *index) {
    if (!index) return;
    mv__free(ctx, index->member);
    mv__memset(index, 0, sizeof(*index));
}
static mv_status mv__gz_index_plain(mv_ctx *ctx, mv_gzip_index *x) {
    mv_gzip_index_free(ctx, x);
    x->kind = MEDVOL_GZIP_PLAIN;
    return MEDVOL_OK;
}
static int mv__gz_zeros(const uint8_t *p, size_t n) {
    while (n > 0 && p[n - 1] == 0) n--;
    return n == 0;
}
MEDVOL_DEF mv_status mv_gzip_index_scan(mv_ctx *ctx, mv_gzip_index *x, mv_gzip_pread_fn read_at, void *user,
                                        uint64_t file_n) {
    uint64_t max_members = ctx && ctx->desc.limits.max_members ? ctx->desc.limits.max_members
                                                               : (uint64_t)1 << 32;
    uint64_t max_bytes = ctx && ctx->desc.limits.max_bytes ? ctx->desc.limits.max_bytes : UINT64_MAX >> 1;
    uint8_t b[4 + 20]; /* ISIZE of one member and the start of the next */
    size_t room = 0, have;
    uint64_t at = 0;
    mv_gzip_member m;
    mv_status st;
    if (x) mv__memset(x, 0, sizeof(*x));
    if (!x || !read_at) return mv__fail_null(ctx, "mv_gzip_index_scan", x ? "read_at" : "index");
    have = file_n < 20 ? (size_t)file_n : 20;
    if (have && read_at(user, b + 4, have, 0) != (ptrdiff_t)have)
        return mv__fail(ctx, MEDVOL_E_IO, "read_at", 0, 0, "gzip: reading the file failed");
    while (at < file_n) {
        uint64_t size = mv__gz_claim(b + 4, have, &x->kind);
        /* padding; for anything else the data decide */
        if (size == 0 && at > 0 && mv__gz_zeros(b + 4, have)) break;
        if (size == 0 || size > file_n - at) return mv__gz_index_plain(ctx, x);
        have = file_n - at - size < 20 ? (size_t)(file_n - at - size) : 20;
        if (read_at(user, b, 4 + have, at + size - 4) != (ptrdiff_t)(4 + have)) {
            mv_gzip_index_free(ctx, x);
            return mv__fail(ctx, MEDVOL_E_IO, "read_at", 0, (int64_t)(at + size - 4),
                            "gzip: reading the file failed at byte %llu",
                            (unsigned long long)(at + size - 4));
        }
        m.src = at;
        m.dst = x->dst_n;
        m.src_n = (uint32_t)size;
        m.dst_n = mv__le32(b);
        if (m.dst_n > mv_inflate_bound(size)) return mv__gz_index_plain(ctx, x);
        at += size;
        x->src_n = at;
        x->dst_n += m.dst_n;
        if (x->dst_n > max_bytes || x->count >= max_members) {
            const char *name = x->dst_n > max_bytes ? "max_bytes" : "max_members";
            uint64_t limit = x->dst_n > max_bytes ? max_bytes : max_members;
            mv_gzip_index_free(ctx, x);
            return mv__fail(ctx, MEDVOL_E_LIMIT, name, (double)limit, (int64_t)m.src,
                            "gzip: more than limits.%s = %llu, from byte %llu", name,
                            (unsigned long long)limit, (unsigned long long)m.src);
        }
        if ((st = mv__gz_index_add(ctx, x, &room, &m)) < 0) {
            mv_gzip_index_free(ctx, x);
            return st;
        }
    }
    if (x->count == 0) x->kind = MEDVOL_GZIP_PLAIN;
    return MEDVOL_OK;
}
static ptrdiff_t mv__gz_mem_pread(void *user, void *dst, size_t n, uint64_t offset) { /* within file_n */
    mv__memcpy(dst, *(const uint8_t **)user + (size_t)offset, n);
    return (ptrdiff_t)n;
}
MEDVOL_DEF mv_status mv_gzip_index_mem(mv_ctx *ctx, mv_gzip_index *index, const void *src, size_t n) {
    const uint8_t *p = (const uint8_t *)src;
    if (index) mv__memset(index, 0, sizeof(*index));
    if (!index || (!src && n)) return mv__fail_null(ctx, "mv_gzip_index_mem", index ? "src" : "index");
    return mv_gzip_index_scan(ctx, index, mv__gz_mem_pread, &p, n);
}
MEDVOL_DEF mv_status mv_gzip_index_range(mv_ctx *ctx, const mv_gzip_index *x, uint64_t a, uint64_t b,
                                         size_t *first, size_t *count) {
    size_t lo = 0, hi, end;
    if (first) *first = 0;
    if (count) *count = 0;
    if (!x || !first || !count)
        return mv__fail_null(ctx, "mv_gzip_index_range", x ? "first or count" : "index");
    if (a > b || b > x->dst_n)
        return mv__fail(ctx, MEDVOL_E_RANGE, "range", (double)b, -1, "gzip: bytes %llu to %llu of %llu",
                        (unsigned long long)a, (unsigned long long)b, (unsigned long long)x->dst_n);
    if (a == b) return MEDVOL_OK;
    for (hi = x->count; lo < hi;) { /* the first member that ends behind a */
        size_t mid = lo + (hi - lo) / 2;
        if (x->member[mid].dst + x->member[mid].dst_n > a) hi = mid;
        else lo = mid + 1;
    }
    *first = lo;
    for (end = lo, hi = x->count; end < hi;) { /* the first that starts at or behind b */
        size_t mid = end + (hi - end) / 2;
        if (x->member[mid].dst >= b) hi = mid;
        else end = mid + 1;
    }
    *count = end - lo;
    return MEDVOL_OK;
}
typedef struct {
    const mv_gzip_index *x;
    const uint8_t *src;
    uint8_t *dst, *scratch, *edge; /* one decoder a job; the edge members' readers have a window too */
    uint64_t a, b;
    size_t first, count, jobs;
    mv_status *st; /* one a job */
} mv__gz_parts;
#define MV__GZ_EDGE (((sizeof(mv_gzip_reader) + 63) & ~(size_t)63) + MV__GZ_WIN)
/* bytes of a member that lies only partly in the range: what is in front is dropped, it stops where the range
   ends */
static mv_status mv__gz_edge(const mv__gz_parts *g, const mv_gzip_member *m, uint8_t *memory) {
    mv_gzip_reader *r = (mv_gzip_reader *)(void *)memory;
    uint64_t from = m->dst > g->a ? m->dst : g->a, to = m->dst + m->dst_n < g->b ? m->dst + m->dst_n : g->b;
    mv_status st;
    mv__gz_setup(NULL, r, g->src + m->src, m->src_n);
    r->single = 1;
    r->win = memory + mv_gzip_scratch_size();
    r->inf.out = r->win;
    st = mv_gzip_skip(NULL, r, from - m->dst, NULL);
    return st < 0 ? st : mv_gzip_read(NULL, r, g->dst + (from - g->a), (size_t)(to - from), NULL);
}
static void mv__gz_parts_job(void *arg, size_t job) {
    mv__gz_parts *g = (mv__gz_parts *)arg;
    size_t i;
    mv_status st = MEDVOL_OK;
    for (i = g->first + job; i < g->first + g->count && st == MEDVOL_OK; i += g->jobs) {
        const mv_gzip_member *m = g->x->member + i;
        if (m->dst >= g->a && m->dst + m->dst_n <= g->b)
            st = mv__gz_member(NULL, (mv_gzip_reader *)(void *)(g->scratch + job * mv_gzip_scratch_size()),
                               g->dst + (m->dst - g->a), m->dst_n, g->src + m->src, m->src_n);
        else st = mv__gz_edge(g, m, g->edge + (i == g->first ? 0 : MV__GZ_EDGE));
    }
    g->st[job] = st;
}
/* Decodes the members of the range; the first failing job's status, without a message. */
static mv_status mv__gz_parts_run(mv_ctx *ctx, const mv_gzip_index *x, uint8_t *dst, uint64_t a, uint64_t b,
                                  const uint8_t *src, size_t first, size_t count) {
    size_t jobs = 4 * (size_t)mv_threads(ctx), j;
    mv__gz_parts g;
    mv_status st;
    uint8_t *memory;
    if (jobs < 16) jobs = 16;
    if (jobs > count) jobs = count;
    memory = (uint8_t *)mv__alloc(ctx, jobs * (mv_gzip_scratch_size() + 64) + 2 * MV__GZ_EDGE);
    if (!memory) return MEDVOL_E_NOMEM;
    g.x = x;
    g.src = src;
    g.dst = dst;
    g.edge = memory;
    g.scratch = memory + 2 * ((MV__GZ_EDGE + 63) & ~(size_t)63);
    g.st = (mv_status *)(void *)(g.scratch + jobs * mv_gzip_scratch_size());
    g.a = a;
    g.b = b;
    g.first = first;
    g.count = count;
    g.jobs = jobs;
    st = mv_parallel_for(ctx, jobs, mv__gz_parts_job, &g, "gunzip");
    for (j = 0; j < jobs && st == MEDVOL_OK; j++) st = g.st[j];
    mv__free(ctx, memory);
    return st;
}
MEDVOL_DEF mv_status mv_gzip_index_unpack(mv_ctx *ctx, const mv_gzip_index *x, void *dst, uint64_t a,
                                          uint64_t b, const void *src, size_t n) {
    size_t first, count;
    mv_status st = mv_gzip_index_range(ctx, x, a, b, &first, &count);
    if (st < 0 || a == b) return st;
    if (b - a > (uint64_t)PTRDIFF_MAX || x->src_n > n)
        return mv__fail(ctx, MEDVOL_E_SIZE, b - a > (uint64_t)PTRDIFF_MAX ? "range" : "n", (double)n, -1,
                        "gzip: the index is about %llu bytes, %zu are given", (unsigned long long)x->src_n,
                        n);
    if ((st = mv__gz_args(ctx, dst, (size_t)(b - a), src, n)) < 0) return st;
    st = mv__gz_parts_run(ctx, x, (uint8_t *)dst, a, b, (const uint8_t *)src, first, count);
    if (st < 0 && st != MEDVOL_E_CANCELLED && st != MEDVOL_E_NOMEM)
        return mv__fail(
            ctx, MEDVOL_E_CORRUPT, "member", (double)first, (int64_t)x->member[first].src,
            "gzip: a member of bytes %llu to %llu is damaged or not what its size field says (%s)",
            (unsigned long long)a, (unsigned long long)b, mv_status_str(st));
    return st;
}
/* Members side by side. 1: done. 0: not possible or not clean; one after the other then gives the verdict. */
static int mv__gz_unpack_parts(mv_ctx *ctx, uint8_t *dst, size_t cap, const uint8_t *src, size_t n,
                               mv_gzip_info *info, mv_status *st) {
    mv_gzip_index x;
    mv_error kept = ctx->error; /* several threads: there is a context */
    int done = 0;
    if (mv_gzip_index_mem(ctx, &x, src, n) == MEDVOL_OK && x.count > 1 && x.dst_n <= cap) {
        *st = mv__gz_parts_run(ctx, &x, dst, 0, x.dst_n, src, 0, x.count);
        done = *st == MEDVOL_OK || *st == MEDVOL_E_CANCELLED;
        if (*st == MEDVOL_OK) {
            info->src_n = x.src_n;
            info->dst_n = x.dst_n;
            info->members = x.count;
            info->tail_n = n - x.src_n;
            info->tail_garbage = !mv__gz_zeros(src + x.src_n, n - (size_t)x.src_n);
            info->kind = x.kind;
            info->verified = 1;
        }
    }
    mv_gzip_index_free(ctx, &x);
    if (*st != MEDVOL_E_CANCELLED) ctx->error = kept;
    return done;
}
MEDVOL_DEF mv_status mv_gzip_unpack(mv_ctx *ctx, void *dst, size_t cap, const void *src, size_t n,
                                    mv_gzip_info *info) {
    mv_gzip_info own;
    mv_gzip_reader *r;
    uint8_t nowhere[1];
    mv_status st = mv__gz_args(ctx, dst, cap, src, n);
    int full;
    if (!info) info = &own;
    mv__memset(info, 0, sizeof(*info));
    if (st < 0) return st;
    if (mv_threads(ctx) > 1 &&
        mv__gz_unpack_parts(ctx, (uint8_t *)dst, cap, (const uint8_t *)src, n, info, &st))
        return st;
    r = (mv_gzip_reader *)mv__alloc(ctx, sizeof(*r));
    if (!r) return MEDVOL_E_NOMEM;
    mv__gz_setup(ctx, r, src, n);
    r->inf.out = cap ? (uint8_t *)dst : nowhere;
    r->inf.hard = r->inf.out + cap;
    st = mv__gz_run(ctx, r, r->inf.hard, 1, &full);
    if (st == MEDVOL_OK && full) {
        st = mv__gz_bad(ctx, r, MEDVOL_E_SPACE, "dst", "more data than the destination holds");
    }
    r->info.verified = st == MEDVOL_OK;
    *info = r->info;
    mv__free(ctx, r);
    return st;
}
/* ---- deflate ---- */
#ifndef MV__GZ_STRETCH
#  define MV__GZ_STRETCH ((size_t)1 << 30) /* positions are 32-bit: a longer input is cut here */
#endif
static const uint16_t mv__gz_lenbase[29] = { 3,  4,  5,  6,  7,  8,  9,  10, 11,  13,  15,  17,  19,  23, 27,
                                             31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258 };
static const uint8_t mv__gz_lenextra[29] = { 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2,
                                             2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0 };
static unsigned mv__gz_distextra(unsigned sym) { return sym < 4 ? 0 : sym / 2 - 1; }

/* Symbols with a count, rarest first (ties by symbol): counting sort by bytes. */
static unsigned mv__gz_rank(const uint32_t *f, unsigned n, uint16_t *order) {
    uint16_t other[288];
    uint32_t max = 0;
    unsigned used = 0, i, shift;
    for (i = 0; i < n; i++) if (f[i]) {
        order[used++] = (uint16_t)i;
        max |= f[i];
    }
    for (shift = 0; shift < 32 && max >> shift; shift += 8) {
        unsigned at[257] = { 0 };
        for (i = 0; i < used; i++) at[(f[order[i]] >> shift & 255) + 1]++;
        for (i = 1; i < 257; i++) at[i] += at[i - 1];
        for (i = 0; i < used; i++) other[at[f[order[i]] >> shift & 255]++] = order[i];
        mv__memcpy(order, other, used * sizeof(*order));
    }
    return used;
}
/* Lengths of an optimal prefix code of at most limit bits for the counts f. Huffman's two queues give the
   number of codes of each length; codes over the limit are pulled up, each pair with one shorter code pushed
   down, which keeps the set complete; the longest go to the rarest. Fewer than two symbols are filled up to
   two, as decoders expect. */
static void mv__gz_lengths(const uint32_t *f, unsigned n, unsigned limit, uint8_t *lens) {
    uint16_t order[288], parent[576];
    uint32_t w[576];
    unsigned used = mv__gz_rank(f, n, order), leaf = 0, node, next, i, len, count[64] = { 0 };
    uint8_t depth[576];
    mv__memset(lens, 0, n);
    if (used < 2) {
        unsigned a = used ? order[0] : 0;
        lens[a] = 1;
        lens[a ? 0 : 1] = 1;
        return;
    }
    for (i = 0; i < used; i++) w[i] = f[order[i]];
    node = used; /* the first inner node not yet joined */
    for (next = used; next < 2 * used - 1; next++) {
        uint32_t sum = 0;
        for (i = 0; i < 2; i++) {
            unsigned pick = leaf < used && (node >= next || w[leaf] <= w[node]) ? leaf++ : node++;
            sum += w[pick];
            parent[pick] = (uint16_t)next;
        }
        w[next] = sum;
    }
    depth[2 * used - 2] = 0;
    for (i = 2 * used - 2; i > 0;) {
        i--;
        depth[i] = (uint8_t)(depth[parent[i]] + 1);
        if (i < used) count[depth[i] < limit ? depth[i] : limit]++;
    }
    {
        uint32_t kraft = 0;
        for (len = 1; len <= limit; len++) kraft += count[len] << (limit - len);
        for (; kraft > 1u << limit; kraft--) {
            for (len = limit - 1; count[len] == 0;) len--;
            count[len]--;
            count[len + 1] += 2;
            count[limit]--;
        }
    }
    for (len = limit, i = 0; len > 0; len--)
        for (; count[len] > 0; count[len]--) lens[order[i++]] = (uint8_t)len;
}
/* canonical codes, bits reversed, as code << 8 | length */
static void mv__gz_assign(const uint8_t *lens, unsigned n, uint32_t *codes) {
    unsigned next[16] = { 0 }, count[16] = { 0 }, len, i, k, code = 0;
    for (i = 0; i < n; i++) count[lens[i]]++;
    for (len = 1; len <= 15; len++) { /* the first code of each length */
        for (k = 0; k < len; k++) next[len] |= (code >> k & 1) << (len - 1 - k);
        code = (code + count[len]) << 1;
    }
    for (i = 0; i < n; i++) {
        len = lens[i];
        codes[i] = len ? next[len] << 8 | len : 0;
        if (len) next[len] = mv__gz_nextcode(next[len], len);
    }
}
typedef struct {
    uint8_t lens[320], sym[320], extra[320]; /* code lengths, then their run-length form */
    unsigned hlit, hdist, hclen, nsym;
    uint32_t codes[19], bits; /* bits: of the head */
} mv__gz_dynhead;
/* Run-length form of the code lengths and the code for it. */
static void mv__gz_plan_head(mv__gz_dynhead *h, const uint8_t *ll, const uint8_t *dl) {
    uint32_t f[19] = { 0 };
    uint8_t cl[19];
    unsigned i, n, run;
    for (h->hlit = 286; h->hlit > 257 && ll[h->hlit - 1] == 0;) h->hlit--;
    for (h->hdist = 30; h->hdist > 1 && dl[h->hdist - 1] == 0;) h->hdist--;
    mv__memcpy(h->lens, ll, h->hlit);
    mv__memcpy(h->lens + h->hlit, dl, h->hdist);
    n = h->hlit + h->hdist;
    h->nsym = 0;
    for (i = 0; i < n; i += run) {
        unsigned v = h->lens[i], s = v, x = 0;
        for (run = 1; i + run < n && h->lens[i + run] == v; ) run++;
        if (v == 0 && run >= 3) {
            if (run > 138) run = 138;
            s = run >= 11 ? 18 : 17;
            x = run - (run >= 11 ? 11 : 3);
        } else if (i > 0 && h->lens[i - 1] == v && run >= 3) {
            if (run > 6) run = 6;
            s = 16;
            x = run - 3;
        } else run = 1;
        h->sym[h->nsym] = (uint8_t)s;
        h->extra[h->nsym++] = (uint8_t)x;
        f[s]++;
    }
    mv__gz_lengths(f, 19, 7, cl);
    mv__gz_assign(cl, 19, h->codes);
    for (h->hclen = 19; h->hclen > 4 && cl[mv__gz_clorder[h->hclen - 1]] == 0;) h->hclen--;
    h->bits = 14 + 3 * h->hclen + f[16] * 2 + f[17] * 3 + f[18] * 7;
    for (i = 0; i < 19; i++) h->bits += f[i] * cl[i];
}
static void mv__gz_put(mv__gz_def *z, uint32_t v, unsigned n) { /* at most 32 bits */
    z->bits |= (uint64_t)v << z->nbits;
    z->nbits += n;
    for (; z->nbits >= 8; z->nbits -= 8, z->bits >>= 8) *z->out++ = (uint8_t)z->bits;
}
static void mv__gz_put_head(mv__gz_def *z, const mv__gz_dynhead *h) {
    unsigned i;
    mv__gz_put(z, h->hlit - 257, 5);
    mv__gz_put(z, h->hdist - 1, 5);
    mv__gz_put(z, h->hclen - 4, 4);
    for (i = 0; i < h->hclen; i++) mv__gz_put(z, h->codes[mv__gz_clorder[i]] & 255, 3);
    for (i = 0; i < h->nsym; i++) {
        unsigned s = h->sym[i];
        mv__gz_put(z, h->codes[s] >> 8, h->codes[s] & 255);
        if (s >= 16) mv__gz_put(z, h->extra[i], s == 16 ? 2 : s == 17 ? 3 : 7);
    }
}
/* n bytes as stored blocks; 0 when there is no room */
static int mv__gz_put_stored(mv__gz_def *z, const uint8_t *p, size_t n, int last) {
    do {
        size_t k = n < 65535 ? n : 65535;
        if ((size_t)(z->out_end - z->out) < k + 16) return 0;
        mv__gz_put(z, (uint32_t)(last && k == n), 3);
        if (z->nbits) mv__gz_put(z, 0, 8 - z->nbits);
        mv__put_le16(z->out, (uint16_t)k);
        mv__put_le16(z->out + 2, (uint16_t)~k);
        if (k) mv__memcpy(z->out + 4, p, k);
        z->out += 4 + k;
        p += k;
        n -= k;
    } while (n > 0);
    return 1;
}
/* Turns counts by length into counts by symbol; returns the extra bits of all tokens. */
static uint64_t mv__gz_symbols(const mv__gz_def *z, uint32_t *lf) {
    uint64_t extra = 0;
    unsigned i, s = 0;
    mv__memcpy(lf, z->lf, 256 * sizeof(*lf));
    mv__memset(lf + 256, 0, 32 * sizeof(*lf));
    lf[256] = 1;
    for (i = 3; i <= 258; i++) {
        while (s < 28 && i >= mv__gz_lenbase[s + 1]) s++;
        lf[257 + s] += z->lf[253 + i];
    }
    for (s = 0; s < 29; s++) extra += (uint64_t)lf[257 + s] * mv__gz_lenextra[s];
    for (s = 0; s < 30; s++) extra += (uint64_t)z->df[s] * mv__gz_distextra(s);
    return extra;
}
/* the emitter's tables: code and extra bits of each length in one word */
static void mv__gz_emit_tables(mv__gz_def *z, const uint32_t *lc, const uint32_t *dc) {
    unsigned i, s = 0;
    for (i = 0; i < 256; i++) z->lcode[i] = lc[i];
    for (i = 3; i <= 258; i++) {
        uint32_t c, n;
        while (s < 28 && i >= mv__gz_lenbase[s + 1]) s++;
        c = lc[257 + s];
        n = c & 255;
        z->lcode[253 + i] = (c >> 8 | (i - mv__gz_lenbase[s]) << n) << 8 | (n + mv__gz_lenextra[s]);
    }
    for (s = 0; s < 30; s++)
        z->dcode[s] = (dc[s] >> 8) << 16 | ((dc[s] & 255) + mv__gz_distextra(s)) << 8 | (dc[s] & 255);
    z->dcode[30] = z->dcode[31] = 0;
}
static void mv__gz_fixed_lengths(uint8_t *ll, uint8_t *dl) {
    mv__memset(ll, 8, 144);
    mv__memset(ll + 144, 9, 112);
    mv__memset(ll + 256, 7, 24);
    mv__memset(ll + 280, 8, 8);
    mv__memset(dl, 5, 32);
}
static uint64_t mv__gz_cost(const uint32_t *f, const uint8_t *lens, unsigned n) {
    uint64_t sum = 0;
    unsigned i;
    for (i = 0; i < n; i++) sum += (uint64_t)f[i] * lens[i];
    return sum;
}
/* Writes the collected tokens as the cheapest kind of block. 0: no room. */
static int mv__gz_put_block(mv__gz_def *z, int last) {
    uint32_t lf[288], lc[288], dc[32];
    uint8_t ll[288], dl[32], fl[288], fd[32];
    mv__gz_dynhead h;
    uint64_t extra = mv__gz_symbols(z, lf), dynamic, fixed, stored, n = z->pos - z->block;
    mv__gz_lengths(lf, 286, 15, ll);
    ll[286] = ll[287] = 0;
    mv__gz_lengths(z->df, 30, 15, dl);
    mv__gz_plan_head(&h, ll, dl);
    mv__gz_fixed_lengths(fl, fd);
    dynamic = 3 + h.bits + extra + mv__gz_cost(lf, ll, 286) + mv__gz_cost(z->df, dl, 30);
    fixed = 3 + extra + mv__gz_cost(lf, fl, 286) + mv__gz_cost(z->df, fd, 30);
    stored = 8 * n + 40 * (n / 65535 + 1);
    if (stored <= dynamic && stored <= fixed) return mv__gz_put_stored(z, z->src + z->block, (size_t)n, last);
    if ((dynamic < fixed ? dynamic : fixed) / 8 + 24 > (uint64_t)(z->out_end - z->out)) return 0;
    if (dynamic < fixed) {
        mv__gz_put(z, (uint32_t)last | 4u, 3);
        mv__gz_put_head(z, &h);
        mv__gz_assign(ll, 288, lc);
        mv__gz_assign(dl, 30, dc);
    } else {
        mv__gz_put(z, (uint32_t)last | 2u, 3);
        mv__gz_assign(fl, 288, lc);
        mv__gz_assign(fd, 30, dc);
    }
    mv__gz_emit_tables(z, lc, dc);
    z->tok[z->ntok] = 0; /* looked at, not used */
    MV__PICK(mv__gz_emit)(z);
    mv__gz_put(z, lc[256] >> 8, lc[256] & 255);
    return 1;
}
/* ---- levels 2 to 9: hash chains over four bytes, the last place of three bytes, lazy choice ---- */
static const struct { uint16_t depth, nice, lazy;
} mv__gz_effort[10] = { { 0, 0, 0 },   { 0, 0, 0 },   { 4, 16, 0 },   { 8, 24, 0 },    { 10, 32, 1 },
                        { 16, 48, 1 }, { 35, 80, 1 }, { 80, 130, 1 }, { 200, 200, 1 }, { 600, 258, 1 } };
#define MV__GZ_HASH3 14
#define MV__GZ_H4(v) ((v) * 0x9E3779B1u >> (32 - MV__GZ_HASH4))
#define MV__GZ_H3(v) (((v) << 8) * 0x9E3779B1u >> (32 - MV__GZ_HASH3))
#if defined(__GNUC__)
#  define MV__GZ_SOON(p) __builtin_prefetch(p)
#else
#  define MV__GZ_SOON(p) ((void)(p))
#endif
typedef struct { uint32_t len, dist; } mv__gz_match;
static size_t mv__gz_common(const uint8_t *a, const uint8_t *b, size_t max) {
    size_t len = 0;
    for (; len + 8 <= max; len += 8) {
        uint64_t x = mv__le64(a + len) ^ mv__le64(b + len);
        if (x) return len + (size_t)(mv__ctz64(x) >> 3);
    }
    while (len < max && a[len] == b[len]) len++;
    return len;
}
/* Enters the places from p to end into the chains; gives the last one's previous place of the same four bytes
   and of the same three. */
MV__WRAPS static inline void mv__gz_enter(mv__gz_def *z, size_t p, size_t end, uint32_t *c4, uint32_t *c3) {
    const uint8_t *src = z->src;
    uint32_t *head = z->head, *head3 = z->head3, *prev = z->prev, four = 0, three = 0;
    for (; p < end; p++) {
        uint32_t v = mv__le32(src + p), h = MV__GZ_H4(v), h3 = MV__GZ_H3(v);
        four = head[h];
        three = head3[h3];
        prev[p & (MV__GZ_WINDOW - 1)] = four;
        head[h] = head3[h3] = (uint32_t)p;
    }
    *c4 = four;
    *c3 = three;
}
/* The longest match at p that is longer than best; a match of three must be near. Each chain link must lead
   back, within the window. Of a candidate the four bytes that would make it longer are looked at first. */
MV__WRAPS static mv__gz_match mv__gz_search(mv__gz_def *z, uint32_t p, uint32_t best, unsigned depth) {
    const uint8_t *s = z->src + p, *q;
    const uint32_t *prev = z->prev, nice = mv__gz_effort[z->level].nice, first = mv__le32(s),
                   next = mv__le32(s + 1);
    uint32_t lo = p > MV__GZ_WINDOW ? p - MV__GZ_WINDOW : 0, span = p - lo, c, c3, want;
    size_t max = mv__minz(z->n - p, 258), len;
    mv__gz_match m = { 0, 0 };
    mv__gz_enter(z, p, (size_t)p + 1, &c, &c3);
    MV__GZ_SOON(z->head + MV__GZ_H4(next)); /* mostly the next that is searched */
    MV__GZ_SOON(z->head3 + MV__GZ_H3(next));
    if (best < 3 && c3 < p && p - c3 <= 4096 && (mv__le32(z->src + c3) ^ first) << 8 == 0) {
        m.len = best = 3;
        m.dist = p - c3;
    }
    if (best < 3) best = 3;
    if (best >= max) return m;
    want = mv__le32(s + best - 3);
    for (; depth > 0 && c - lo < span; depth--) {
        q = z->src + c;
        span = c - lo;
        c = prev[c & (MV__GZ_WINDOW - 1)];
        if (mv__le32(q + best - 3) != want || mv__le32(q) != first) continue;
        if ((len = mv__gz_common(s, q, max)) <= best) continue;
        m.len = best = (uint32_t)len;
        m.dist = (uint32_t)(s - q);
        if (best >= nice || best >= max) break;
        want = mv__le32(s + best - 3);
    }
    return m;
}
static void mv__gz_literal(mv__gz_def *z, uint8_t b) {
    z->tok[z->ntok++] = b | MV__GZ_NODIST;
    z->lf[b]++;
}
static void mv__gz_matched(mv__gz_def *z, mv__gz_match m) {
    uint32_t t = 253 + m.len, d = mv__gz_disttok(m.dist);
    z->tok[z->ntok++] = t | d;
    z->lf[t]++;
    z->df[d >> 9 & 31]++;
}
static void mv__gz_find_chain(mv__gz_def *z) {
    unsigned depth = mv__gz_effort[z->level].depth, nice = mv__gz_effort[z->level].nice;
    size_t lim = z->n > 8 ? z->n - 8 : 0, end;
    uint32_t c4, c3;
    while (z->pos < lim && z->ntok < MV__GZ_TOKENS - 300 && z->pos - z->block < MV__GZ_BLOCK) {
        mv__gz_match m = mv__gz_search(z, (uint32_t)z->pos, 2, depth), m2;
        if (m.len < 3) { mv__gz_literal(z, z->src[z->pos++]); continue; }
        while (mv__gz_effort[z->level].lazy && m.len < nice && z->pos + 1 < lim &&
               z->ntok < MV__GZ_TOKENS - 8) {
            m2 = mv__gz_search(z, (uint32_t)z->pos + 1, m.len, m.len < 8 ? depth * 2 / 5 : depth / 4 + 1);
            if (m2.len <= m.len) { /* keep the first; the second position is entered already */
                end = z->pos + m.len;
                z->pos += 2;
                goto take;
            }
            mv__gz_literal(z, z->src[z->pos++]);
            m = m2;
        }
        end = z->pos + m.len;
        z->pos++;
    take:
        mv__gz_matched(z, m);
        if (end - z->pos > 128) { /* the middle of a long match leads to nothing that its ends do not */
            mv__gz_enter(z, z->pos, mv__minz(z->pos + 64, lim), &c4, &c3);
            z->pos = end - 64;
        }
        mv__gz_enter(z, z->pos, mv__minz(end, lim), &c4, &c3);
        z->pos = end;
    }
    if (z->pos >= lim)
        while (z->pos < z->n && z->ntok < MV__GZ_TOKENS - 8) mv__gz_literal(z, z->src[z->pos++]);
}
static size_t mv__gz_def_size(int level) { /* one block: the state and its tables */
    size_t n = (sizeof(mv__gz_def) + 63) & ~(size_t)63;
    if (level > 0) n += MV__GZ_TOKENS * 4;
    if (level == 1) n += sizeof(uint32_t) << MV__GZ_HASH1;
    if (level > 1) n += (((size_t)1 << MV__GZ_HASH4) + ((size_t)1 << MV__GZ_HASH3) + MV__GZ_WINDOW) * 4;
    return n;
}
static void mv__gz_def_init(mv__gz_def *z, int level) {
    uint32_t *p = (uint32_t *)(void *)((uint8_t *)z + ((sizeof(*z) + 63) & ~(size_t)63));
    z->level = level;
    z->tok = p;
    z->head = p + MV__GZ_TOKENS;
    z->head16 = (uint16_t *)(void *)z->head;
    z->head3 = z->head + ((size_t)1 << MV__GZ_HASH4);
    z->prev = z->head3 + ((size_t)1 << MV__GZ_HASH3);
}
static int mv__gz_def_stretch(mv__gz_def *z, const uint8_t *src, size_t n, int last) {
    uint32_t f[4][512];
    unsigned i;
    z->src = src;
    z->n = n;
    z->pos = 0;
    mv__memset(z->head, 0, sizeof(uint32_t) << (z->level == 1 ? MV__GZ_HASH1 : MV__GZ_HASH4));
    if (z->level > 1)
        mv__memset(z->head3, 0, (sizeof(uint32_t) << MV__GZ_HASH3) + MV__GZ_WINDOW * sizeof(uint32_t));
    do {
        z->block = z->pos;
        z->ntok = 0;
        mv__memset(z->lf, 0, sizeof(z->lf));
        mv__memset(z->df, 0, sizeof(z->df));
        if (z->level > 1) mv__gz_find_chain(z);
        else {
            mv__memset(f, 0, sizeof(f));
            MV__PICK(mv__gz_find1)(z, f);
            for (i = 0; i < 512; i++) z->lf[i] = f[0][i] + f[1][i] + f[2][i] + f[3][i];
        }
        if (!mv__gz_put_block(z, last && z->pos == n)) return 0;
    } while (z->pos < n);
    return 1;
}
/* One deflate stream, or with last = 0 a part of one that ends on a whole byte (an empty stored block).
   Returns the bytes written, SIZE_MAX when they do not fit. */
static size_t mv__gz_def_run(mv__gz_def *z, const uint8_t *src, size_t n, int last, uint8_t *dst,
                             size_t cap) {
    size_t at = 0;
    int ok = 1;
    z->out = dst;
    z->out_end = dst + cap;
    z->bits = 0;
    z->nbits = 0;
    if (cap < 32) return SIZE_MAX;
    if (z->level == 0) ok = mv__gz_put_stored(z, src, n, last);
    else
        do {
            size_t k = n - at < MV__GZ_STRETCH ? n - at : MV__GZ_STRETCH;
            ok = mv__gz_def_stretch(z, src + at, k, last && at + k == n);
            at += k;
        } while (ok && at < n);
    if (ok && !last && z->nbits) ok = mv__gz_put_stored(z, src, 0, 0);
    if (!ok || (size_t)(z->out_end - z->out) < 1) return SIZE_MAX;
    if (z->nbits) mv__gz_put(z, 0, 8 - z->nbits);
    return (size_t)(z->out - dst);
}
MEDVOL_DEF size_t mv_deflate_bound(size_t n) {
    size_t r = n;
    return mv__add(r, n / 2048, &r) && mv__add(r, 128, &r) ? r : SIZE_MAX;
}
static mv_status mv__gz_def_args(mv_ctx *ctx, const void *dst, size_t cap, const void *src, size_t n,
                                 int level) {
    if (!dst || (!src && n)) return mv__fail_null(ctx, "deflate", dst ? "src" : "dst");
    if (mv__gz_overlap(dst, cap, src, n))
        return mv__fail(ctx, MEDVOL_E_ALIAS, "dst", 0, -1, "deflate: dst and src overlap");
    if (level < 0 || level > 9)
        return mv__fail(ctx, MEDVOL_E_RANGE, "level", level, -1, "deflate: level = %d: must be 0..9", level);
    return MEDVOL_OK;
}
MEDVOL_DEF mv_status mv_deflate(mv_ctx *ctx, void *dst, size_t cap, const void *src, size_t n, int level,
                                size_t *made) {
    static const uint8_t none[1] = { 0 };
    mv__gz_def *z;
    size_t k;
    mv_status st = mv__gz_def_args(ctx, dst, cap, src, n, level);
    if (made) *made = 0;
    if (st < 0) return st;
    z = (mv__gz_def *)mv__alloc(ctx, mv__gz_def_size(level));
    if (!z) return MEDVOL_E_NOMEM;
    mv__gz_def_init(z, level);
    k = mv__gz_def_run(z, n ? (const uint8_t *)src : none, n, 1, (uint8_t *)dst, cap);
    mv__free(ctx, z);
    if (k == SIZE_MAX)
        return mv__fail(ctx, MEDVOL_E_SPACE, "dst", (double)cap, -1,
                        "deflate: the result does not fit in %zu bytes", cap);
    if (made) *made = k;
    return MEDVOL_OK;
}
MEDVOL_DEF mv_status mv_deflate_zlib(mv_ctx *ctx, void *dst, size_t cap, const void *src, size_t n, int level,
                                     size_t *made) {
    uint8_t *d = (uint8_t *)dst;
    uint32_t a;
    size_t k;
    mv_status st = mv__gz_def_args(ctx, dst, cap, src, n, level);
    if (made) *made = 0;
    if (st < 0) return st;
    if (cap < 6)
        return mv__fail(ctx, MEDVOL_E_SPACE, "dst", (double)cap, -1,
                        "deflate: the result does not fit in %zu bytes", cap);
    st = mv_deflate(ctx, d + 2, cap - 6, src, n, level, &k);
    if (st < 0) return st;
    d[0] = 0x78;
    d[1] = level < 2 ? 0x01 : level < 6 ? 0x5e : level < 7 ? 0x9c : 0xda;
    a = mv_adler32(1, n ? src : d, n);
    d[k + 2] = (uint8_t)(a >> 24);
    d[k + 3] = (uint8_t)(a >> 16);
    d[k + 4] = (uint8_t)(a >> 8);
    d[k + 5] = (uint8_t)a;
    if (made) *made = k + 6;
    return MEDVOL_OK;
}
/* ---- gzip members: writer ---- */
#define MV__GZ_BGZF 65280u /* its bound fits in the size field's 16 bits */
typedef struct {
    const uint8_t *src;
    size_t n, made;        /* made: SIZE_MAX when it did not fit, which the bound rules out */
    uint32_t crc;
    uint8_t *out;
    mv__gz_def *z;
} mv__gz_slot;
struct mv_gzip_writer {
    mv_gzip_write_fn write;
    void *user;
    int level, container;
    size_t member, align, head;
    size_t piece;          /* the largest piece that can come */
    size_t batch, used;    /* members a batch; filled ones */
    size_t in_n;           /* bytes waiting in the staging buffer, a piece not yet full */
    uint64_t pos;          /* bytes taken in pieces so far */
    uint32_t crc;          /* PLAIN: of all */
    uint8_t *in;           /* staging: batch x piece */
    mv__gz_slot *slot;
    uint8_t *memory;
    mv_status err;
    mv_gzip_info info;
};
static mv_status mv__gz_wopt(mv_ctx *ctx, mv_gzip_writer *w, const mv_gzip_opt *opt) {
    mv_gzip_opt o;
    mv__memset(&o, 0, sizeof(o));
    if (opt) o = *opt;
    mv__memset(w, 0, sizeof(*w));
    if (o.level < -1 || o.level > 9)
        return mv__fail(ctx, MEDVOL_E_RANGE, "level", o.level, -1,
                        "gzip: level = %d: must be 0..9 or MEDVOL_GZIP_STORE", o.level);
    if (o.container < 0 || o.container > MEDVOL_GZIP_BGZF)
        return mv__fail(ctx, MEDVOL_E_RANGE, "container", o.container, -1, "gzip: container = %d is unknown",
                        o.container);
    w->level = o.level == 0 ? 1 : o.level < 0 ? 0 : o.level;
    w->container = o.container ? o.container : MEDVOL_GZIP_MGZIP;
    w->member = o.member ? o.member : (size_t)1 << 20;
    w->align = o.align;
    w->head = o.head;
    if (w->member > (size_t)1 << 30)
        return mv__fail(ctx, MEDVOL_E_RANGE, "member", (double)w->member, -1,
                        "gzip: member = %zu: at most 1 GiB", w->member);
    if (w->container == MEDVOL_GZIP_BGZF) {
        if (w->member > MV__GZ_BGZF) w->member = MV__GZ_BGZF;
        w->align = w->head = 0;
    }
    w->piece = w->member;
    if (w->align && w->align <= w->member) w->piece = w->member / w->align * w->align;
    else if (w->align) w->piece = mv__divup(w->align, mv__divup(w->align, w->member));
    if (w->head && w->head < w->member && w->head > w->piece) w->piece = w->head;
    return MEDVOL_OK;
}
/* Bytes of the piece that starts at pos: a rule on positions alone, so that the cuts depend on nothing
   else. */
static size_t mv__gz_piece(const mv_gzip_writer *w, uint64_t pos) {
    uint64_t q;
    size_t step = w->member, in;
    if (pos < w->head) return w->head - pos < w->piece ? (size_t)(w->head - pos) : w->piece;
    if (w->align == 0) return step;
    if (w->align <= w->member) return step / w->align * w->align;
    q = pos - w->head;
    step = mv__divup(w->align, mv__divup(w->align, w->member));
    in = (size_t)(q % w->align);
    return step < w->align - in ? step : w->align - in;
}
static size_t mv__gz_frame(int container) { /* bytes around the deflate data of a member */
    return container == MEDVOL_GZIP_MGZIP ? 28 : container == MEDVOL_GZIP_BGZF ? 26 : 0;
}
static size_t mv__gz_head_put(uint8_t *p, int container, int level) {
    static const uint8_t head[20] = {
        0x1f, 0x8b, 8, 4, 0, 0, 0, 0, 0, 255, 8, 0, 'I', 'G', 4, 0, 0, 0, 0, 0
    };
    mv__memcpy(p, head, 20);
    p[8] = level == 1 ? 4 : level == 9 ? 2 : 0;
    if (container == MEDVOL_GZIP_MGZIP) return 20;
    if (container == MEDVOL_GZIP_BGZF) {
        p[10] = 6;
        p[12] = 'B';
        p[13] = 'C';
        p[14] = 2;
        return 18;
    }
    p[3] = 0;
    return 10;
}
/* Compresses one slot into a finished member (or, PLAIN, into blocks that end on a byte). */
static void mv__gz_slot_run(mv__gz_slot *s, int container, int level, size_t room) {
    size_t h = container == MEDVOL_GZIP_PLAIN ? 0 : mv__gz_head_put(s->out, container, level), k;
    int last = container != MEDVOL_GZIP_PLAIN;
    s->crc = mv_crc32(0, s->src, s->n);
    k = mv__gz_def_run(s->z, s->src, s->n, last, s->out + h, room - mv__gz_frame(container));
    s->made = k;
    if (k == SIZE_MAX || !last) return;
    mv__put_le32(s->out + h + k, s->crc);
    mv__put_le32(s->out + h + k + 4, (uint32_t)s->n);
    s->made = h + k + 8;
    if (container == MEDVOL_GZIP_BGZF) mv__put_le16(s->out + 16, (uint16_t)(s->made - 1));
    else mv__put_le32(s->out + 16, (uint32_t)s->made);
}
static void mv__gz_slot_job(void *arg, size_t i) {
    const mv_gzip_writer *w = (const mv_gzip_writer *)arg;
    mv__gz_slot_run(w->slot + i, w->container, w->level, mv_deflate_bound(w->piece) + 32);
}
static mv_status mv__gz_send(mv_ctx *ctx, mv_gzip_writer *w, const uint8_t *p, size_t n) {
    if (w->write(w->user, p, n) < 0)
        return w->err = mv__fail(ctx, MEDVOL_E_IO, "write", (double)n, (int64_t)w->info.src_n,
                                 "gzip: writing %zu bytes at %llu failed", n,
                                 (unsigned long long)w->info.src_n);
    w->info.src_n += n;
    return MEDVOL_OK;
}
static mv_status mv__gz_flush_batch(mv_ctx *ctx, mv_gzip_writer *w) {
    size_t i;
    mv_status st;
    if (w->used == 0) return MEDVOL_OK;
    st = mv_parallel_for(ctx, w->used, mv__gz_slot_job, w, "gzip");
    if (st < 0) return w->err = st;
    for (i = 0; i < w->used; i++) {
        mv__gz_slot *s = w->slot + i;
        if (s->made == SIZE_MAX)
            return w->err = mv__fail(ctx, MEDVOL_E_SPACE, "member", (double)s->n, -1,
                                     "gzip: a member outgrew its bound");
        w->crc = mv_crc32_combine(w->crc, s->crc, s->n);
        w->info.dst_n += s->n;
        w->info.members += w->container != MEDVOL_GZIP_PLAIN;
        if ((st = mv__gz_send(ctx, w, s->out, s->made)) < 0) return st;
    }
    w->used = 0;
    return MEDVOL_OK;
}
static void mv__gz_take(mv_gzip_writer *w, const uint8_t *p, size_t n) {
    mv__gz_slot *s = w->slot + w->used++;
    s->src = p;
    s->n = n;
    w->pos += n;
}
/* about how many pieces n bytes make: never too few */
static size_t mv__gz_pieces(const mv_gzip_writer *w, size_t n) {
    size_t least = w->align > w->member ? w->piece : w->align ? w->member / w->align * w->align : w->member;
    size_t k = n / least;
    if (!mv__add(k, w->align > w->member ? n / w->align + 1 : 0, &k) ||
        !mv__add(k, mv__minz(w->head, n) / w->piece, &k) || !mv__add(k, 3, &k))
        return SIZE_MAX;
    return k;
}
static mv_status mv__gz_writer_make(mv_ctx *ctx, mv_gzip_writer **writer, mv_gzip_write_fn write, void *user,
                                    const mv_gzip_opt *opt, size_t n) {
    mv_gzip_writer *w, plan;
    size_t threads = (size_t)mv_threads(ctx), batch, room, scratch, each, bytes, i;
    mv_status st = mv__gz_wopt(ctx, &plan, opt);
    if (st < 0) return st;
    batch = threads > 1 ? 4 * threads : 1;
    if (plan.piece < (size_t)1 << 18) batch *= 8; /* small members: more of them between two rounds */
    batch = mv__minz(batch, mv__gz_pieces(&plan, n));
    room = (mv_deflate_bound(plan.piece) + 32 + 63) & ~(size_t)63;
    scratch = (mv__gz_def_size(plan.level) + 63) & ~(size_t)63;
    each = ((plan.piece + 63) & ~(size_t)63) + room + scratch + sizeof(mv__gz_slot) + 64;
    if (!mv__mul(each, batch, &bytes) || !mv__add(bytes, sizeof(*w) + 256, &bytes))
        return mv__fail(ctx, MEDVOL_E_SIZE, "member", (double)plan.piece, -1,
                        "gzip: members of %zu bytes are too large", plan.piece);
    w = (mv_gzip_writer *)mv__alloc(ctx, bytes);
    if (!w) return MEDVOL_E_NOMEM;
    *w = plan;
    w->write = write;
    w->user = user;
    w->batch = batch;
    w->info.kind = w->container;
    w->slot = (mv__gz_slot *)(void *)((uint8_t *)w + ((sizeof(*w) + 63) & ~(size_t)63));
    w->memory = (uint8_t *)(w->slot + batch);
    w->memory += (64 - (size_t)((uintptr_t)w->memory & 63)) & 63;
    w->in = w->memory + batch * (room + scratch);
    for (i = 0; i < batch; i++) {
        w->slot[i].z = (mv__gz_def *)(void *)(w->memory + i * (room + scratch));
        w->slot[i].out = w->memory + i * (room + scratch) + scratch;
        mv__gz_def_init(w->slot[i].z, w->level);
    }
    *writer = w;
    return MEDVOL_OK;
}
MEDVOL_DEF mv_status mv_gzip_writer_open(mv_ctx *ctx, mv_gzip_writer **writer, mv_gzip_write_fn write,
                                         void *user, const mv_gzip_opt *opt) {
    if (writer) *writer = NULL;
    if (!writer || !write) return mv__fail_null(ctx, "mv_gzip_writer_open", writer ? "write" : "writer");
    return mv__gz_writer_make(ctx, writer, write, user, opt, SIZE_MAX);
}
/* a head in front of PLAIN's blocks */
static mv_status mv__gz_start(mv_ctx *ctx, mv_gzip_writer *w) {
    uint8_t b[20];
    if (w->container != MEDVOL_GZIP_PLAIN || w->info.src_n) return MEDVOL_OK;
    return mv__gz_send(ctx, w, b, mv__gz_head_put(b, MEDVOL_GZIP_PLAIN, w->level));
}
MEDVOL_DEF mv_status mv_gzip_writer_put(mv_ctx *ctx, mv_gzip_writer *w, const void *src, size_t n) {
    const uint8_t *p = (const uint8_t *)src;
    size_t borrowed = 0, want, k, room;
    mv_status st;
    if (!w || (!p && n)) return mv__fail_null(ctx, "mv_gzip_writer_put", w ? "src" : "writer");
    if (w->err < 0) return w->err;
    if ((st = mv__gz_start(ctx, w)) < 0) return st;
    room = (w->piece + 63) & ~(size_t)63;
    while (n > 0) {
        want = mv__gz_piece(w, w->pos);
        if (w->in_n == 0 && n >= want) { /* a whole piece: from where it lies */
            mv__gz_take(w, p, want);
            borrowed++;
            p += want;
            n -= want;
        } else {
            k = mv__minz(want - w->in_n, n);
            mv__memcpy(w->in + w->used * room + w->in_n, p, k);
            w->in_n += k;
            p += k;
            n -= k;
            if (w->in_n == want) {
                mv__gz_take(w, w->in + w->used * room, want);
                w->in_n = 0;
            }
        }
        if (w->used == w->batch) {
            if ((st = mv__gz_flush_batch(ctx, w)) < 0) return st;
            borrowed = 0;
        }
    }
    if (borrowed == 0) return MEDVOL_OK;
    for (k = 0; k < w->used; k++) { /* the caller's memory ends here: keep what still waits */
        mv__gz_slot *s = w->slot + k;
        uint8_t *own = w->in + k * room;
        if (s->src == own) continue;
        mv__memcpy(own, s->src, s->n);
        s->src = own;
    }
    return MEDVOL_OK;
}
MEDVOL_DEF void mv_gzip_writer_abort(mv_ctx *ctx, mv_gzip_writer *writer) { mv__free(ctx, writer); }
static mv_status mv__gz_writer_end(mv_ctx *ctx, mv_gzip_writer *w) {
    static const uint8_t mark[28] = { 0x1f, 0x8b, 8,  4, 0, 0, 0, 0, 0, 255, 6, 0, 'B', 'C',
                                      2,    0,    27, 0, 3, 0, 0, 0, 0, 0,   0, 0, 0,   0 };
    uint8_t b[10] = { 3, 0, 0, 0, 0, 0, 0, 0, 0, 0 };
    mv_status st = mv__gz_start(ctx, w);
    if (st < 0) return st;
    if (w->in_n > 0) {
        mv__gz_take(w, w->in + w->used * ((w->piece + 63) & ~(size_t)63), w->in_n);
        w->in_n = 0;
    } else if (w->pos == 0 && w->container == MEDVOL_GZIP_MGZIP) mv__gz_take(w, b, 0);
        /* an empty file is one empty member */
    if ((st = mv__gz_flush_batch(ctx, w)) < 0) return st;
    if (w->container == MEDVOL_GZIP_BGZF) {
        w->info.members++;
        return mv__gz_send(ctx, w, mark, 28);
    }
    if (w->container != MEDVOL_GZIP_PLAIN) return MEDVOL_OK;
    mv__put_le32(b + 2, w->crc);
    mv__put_le32(b + 6, (uint32_t)w->info.dst_n);
    w->info.members = 1;
    return mv__gz_send(ctx, w, b, 10);
}
MEDVOL_DEF mv_status mv_gzip_writer_close(mv_ctx *ctx, mv_gzip_writer *w, mv_gzip_info *info) {
    mv_status st;
    if (info) mv__memset(info, 0, sizeof(*info));
    if (!w) return mv__fail_null(ctx, "mv_gzip_writer_close", "writer");
    st = w->err < 0 ? w->err : mv__gz_writer_end(ctx, w);
    if (info) *info = w->info;
    mv__free(ctx, w);
    return st;
}
MEDVOL_DEF size_t mv_gzip_bound(size_t n, const mv_gzip_opt *opt) {
    mv_gzip_writer w;
    size_t r;
    if (mv__gz_wopt(NULL, &w, opt) < 0) return SIZE_MAX;
    if (!mv__mul(mv__gz_pieces(&w, n), 28 + 128, &r)) return SIZE_MAX;
    return mv__add(r, n, &r) && mv__add(r, n / 2048 + 64, &r) ? r : SIZE_MAX;
}
typedef struct { uint8_t *p, *end; } mv__gz_sink;
static int mv__gz_to_memory(void *user, const void *src, size_t n) {
    mv__gz_sink *s = (mv__gz_sink *)user;
    if ((size_t)(s->end - s->p) < n) return -1;
    mv__memcpy(s->p, src, n);
    s->p += n;
    return 0;
}
MEDVOL_DEF mv_status mv_gzip_pack(mv_ctx *ctx, void *dst, size_t cap, const void *src, size_t n,
                                  const mv_gzip_opt *opt, size_t *made) {
    mv_gzip_writer *w;
    mv__gz_sink sink;
    mv_status st, st2;
    if (made) *made = 0;
    if (!dst || (!src && n)) return mv__fail_null(ctx, "mv_gzip_pack", dst ? "src" : "dst");
    if (mv__gz_overlap(dst, cap, src, n))
        return mv__fail(ctx, MEDVOL_E_ALIAS, "dst", 0, -1, "gzip: dst and src overlap");
    sink.p = (uint8_t *)dst;
    sink.end = sink.p + cap;
    st = mv__gz_writer_make(ctx, &w, mv__gz_to_memory, &sink, opt, n);
    if (st < 0) return st;
    st = mv_gzip_writer_put(ctx, w, src, n);
    st2 = mv_gzip_writer_close(ctx, w, NULL);
    if (st == MEDVOL_OK) st = st2;
    if (st == MEDVOL_E_IO)
        return mv__fail(ctx, MEDVOL_E_SPACE, "dst", (double)cap, -1,
                        "gzip: the result does not fit in %zu bytes", cap);
    if (st < 0) return st;
    if (made) *made = (size_t)(sink.p - (uint8_t *)dst);
    return MEDVOL_OK;
}
#endif
#endif /* MEDVOL_NO_GZIP */

/* ==== [IO] NIfTI, Analyze, BART, NumPy, MRD, maps, crop-first loads, saving, PNG. Owns mv__io_*, mv__mrd_*.
   Uses [BASE] [CTX] [VOLUME] [GZIP]. Source: nifti1.h and nifti2.h (NIfTI data format working group), Analyze
   7.5 header (Mayo Clinic), numpy.lib.format, BART 0.8, ISMRM Raw Data (MRD) messages. =================== */
#ifndef MEDVOL_NO_IO
#ifdef MV__PASS
/* ---- byte order of n units, any alignment; d may be s ---- */
static void MV__K(mv__io_swap2)(unsigned char *d, const unsigned char *s, size_t n) {
    const mvi low = mvi_set1(0x00ff00ff);
    size_t i = 0;
    uint16_t u;
    for (; MVF_N > 1 && i + 2 * MVF_N <= n; i += 2 * MVF_N) {
        mvi v = mvi_load((const int32_t *)(const void *)(s + 2 * i));
        v = mvi_or(mvi_and(mvi_srl(v, 8), low), mvi_sll(mvi_and(v, low), 8));
        mvi_store((int32_t *)(void *)(d + 2 * i), v);
    }
    mv_end();
    for (; i < n; i++) {
        mv__memcpy(&u, s + 2 * i, 2);
        u = mv__swap16(u);
        mv__memcpy(d + 2 * i, &u, 2);
    }
}
static void MV__K(mv__io_swap4)(unsigned char *d, const unsigned char *s, size_t n) {
    const mvi low = mvi_set1(0x00ff00ff);
    size_t i = 0;
    uint32_t u;
    for (; MVF_N > 1 && i + MVF_N <= n; i += MVF_N) {
        mvi v = mvi_load((const int32_t *)(const void *)(s + 4 * i));
        v = mvi_or(mvi_and(mvi_srl(v, 8), low), mvi_sll(mvi_and(v, low), 8));
        v = mvi_or(mvi_srl(v, 16), mvi_sll(v, 16));
        mvi_store((int32_t *)(void *)(d + 4 * i), v);
    }
    mv_end();
    for (; i < n; i++) {
        mv__memcpy(&u, s + 4 * i, 4);
        u = mv__swap32(u);
        mv__memcpy(d + 4 * i, &u, 4);
    }
}
/* out: least and greatest finite value, the farthest from a whole number up and down, and 1 when there was a
   NaN */
static void MV__K(mv__io_extent)(double *out, const double *s, size_t n) {
    mvd lo = mvd_set1(out[0]), hi = mvd_set1(out[1]), up = mvd_set1(out[2]), down = mvd_set1(out[3]),
        nans = mvd_set1(out[4]);
    const mvd zero = mvd_zero(), one = mvd_set1(1.0);
    double lane[5][MVD_N];
    size_t i, k;
    for (i = 0; i + MVD_N <= n; i += MVD_N) {
        mvd x = mvd_load(s + i), whole;
        mvdm fine = mvd_eq(mvd_sub(x, x), zero);
        lo = mvd_min(mvd_sel(fine, x, lo), lo);
        hi = mvd_max(mvd_sel(fine, x, hi), hi);
        nans = mvd_sel(mvd_isnan(x), one, nans);
        x = mvd_sel(fine, x, zero);
        whole = mvd_sub(x, mvd_round(x));
        up = mvd_max(whole, up);
        down = mvd_min(whole, down);
    }
    mvd_store(lane[0], lo);
    mvd_store(lane[1], hi);
    mvd_store(lane[2], up);
    mvd_store(lane[3], down);
    mvd_store(lane[4], nans);
    mv_end();
    for (k = 0; k < MVD_N; k++) {
        out[0] = lane[0][k] < out[0] ? lane[0][k] : out[0];
        out[1] = lane[1][k] > out[1] ? lane[1][k] : out[1];
        out[2] = lane[2][k] > out[2] ? lane[2][k] : out[2];
        out[3] = lane[3][k] < out[3] ? lane[3][k] : out[3];
        out[4] = lane[4][k] > out[4] ? lane[4][k] : out[4];
    }
    for (; i < n; i++) {
        double x = s[i], whole;
        if (x != x) out[4] = 1.0;
        if (x - x != 0.0) continue;
        whole = x - mv__rint(x);
        out[0] = x < out[0] ? x : out[0];
        out[1] = x > out[1] ? x : out[1];
        out[2] = whole > out[2] ? whole : out[2];
        out[3] = whole < out[3] ? whole : out[3];
    }
}
#else
static size_t mv__io_length(const char *text) { /* strlen; a freestanding library has none */
    size_t n = 0;
    while (n < SIZE_MAX / 2 && text[n]) n++; /* a plain loop would be turned into that very call */
    return n;
}
static void mv__io_swap(unsigned char *d, const unsigned char *s, size_t n, size_t unit) {
    uint64_t u, v = 0;
    size_t i;
    if (unit == 2) MV__PICK(mv__io_swap2)(d, s, n);
    else if (unit == 4) MV__PICK(mv__io_swap4)(d, s, n);
    else if (unit == 8)
        for (i = 0; i < n; i++) {
            mv__memcpy(&u, s + 8 * i, 8);
            u = mv__swap64(u);
            mv__memcpy(d + 8 * i, &u, 8);
        }
    else if (unit == 16)
        for (i = 0; i < n; i++) {
            mv__memcpy(&u, s + 16 * i, 8);
            mv__memcpy(&v, s + 16 * i + 8, 8);
            u = mv__swap64(u);
            v = mv__swap64(v);
            mv__memcpy(d + 16 * i, &v, 8);
            mv__memcpy(d + 16 * i + 8, &u, 8);
        }
}
static size_t mv__io_unit(mv_dtype t) { /* bytes that turn round together */
    switch (t) {
        case MEDVOL_RGB24: case MEDVOL_RGBA32: return 1;
        case MEDVOL_C64: return 4;
        case MEDVOL_C128: return 8;
        case MEDVOL_C256: return 16;
        default: return mv_dtype_size(t);
    }
}

/* ---- the platform's files ---- */
#if defined(MV__POSIX)
static int mv__io_errno(void) {
    switch (errno) {
        case ENOENT: case ENOTDIR: return MEDVOL_E_NOTFOUND;
        case EACCES: case EPERM: case EROFS: return MEDVOL_E_ACCESS;
        case EEXIST: return MEDVOL_E_EXISTS;
        case EAGAIN: case EBUSY: case ETXTBSY: return MEDVOL_E_BUSY;
        case ENOSPC: return MEDVOL_E_FULL;
#  ifdef EDQUOT
        case EDQUOT: return MEDVOL_E_FULL;
#  endif
        case EFBIG: case ENAMETOOLONG: return MEDVOL_E_SIZE;
        case ENOMEM: return MEDVOL_E_NOMEM;
        default: return MEDVOL_E_IO;
    }
}
static int mv__io_fd(const void *file) { return (int)(intptr_t)file - 1; }
static int mv__io_file_open(void *user, const char *path, int mode, void **file) {
    struct stat info;
    int fd;
    (void)user;
    if (mode != MEDVOL_IO_READ) {
        do fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode == MEDVOL_IO_CREATE ? 0666 : 0600);
        while (fd < 0 && errno == EINTR);
    } else { /* looked at first: opening a FIFO or a device can block or do something */
        if (stat(path, &info) != 0) return mv__io_errno();
        if (!S_ISREG(info.st_mode)) return MEDVOL_E_UNSUPPORTED;
        do fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
        while (fd < 0 && errno == EINTR);
        if (fd >= 0) { /* it may have become another file meanwhile */
            int st;
            if (fstat(fd, &info) != 0) st = mv__io_errno();
            else st = S_ISREG(info.st_mode) ? 0 : MEDVOL_E_UNSUPPORTED;
            if (st < 0) {
                close(fd);
                return st;
            }
        }
    }
    if (fd < 0) return mv__io_errno();
    *file = (void *)(intptr_t)(fd + 1);
    return 0;
}
static int mv__io_file_size(void *user, void *file, uint64_t *bytes) {
    struct stat info;
    (void)user;
    if (fstat(mv__io_fd(file), &info) != 0) return mv__io_errno();
    if (info.st_size < 0) return MEDVOL_E_IO;
    *bytes = (uint64_t)info.st_size;
    return 0;
}
#  define MV__IO_ONCE ((size_t)1 << 30) /* some systems refuse 2 GiB and more in one call */
static int64_t mv__io_file_read(void *user, void *file, uint64_t offset, void *dst, size_t n) {
    ssize_t k;
    (void)user;
    if (offset > (uint64_t)INT64_MAX || (uint64_t)(off_t)offset != offset) return MEDVOL_E_IO;
    do k = pread(mv__io_fd(file), dst, n < MV__IO_ONCE ? n : MV__IO_ONCE, (off_t)offset);
    while (k < 0 && errno == EINTR);
    return k < 0 ? mv__io_errno() : k;
}
static int64_t mv__io_file_write(void *user, void *file, const void *src, size_t n) {
    ssize_t k;
    (void)user;
    do k = write(mv__io_fd(file), src, n < MV__IO_ONCE ? n : MV__IO_ONCE);
    while (k < 0 && errno == EINTR);
    return k < 0 ? mv__io_errno() : k;
}
static int mv__io_file_sync(void *user, void *file) {
    int k;
    (void)user;
    do k = fsync(mv__io_fd(file));
    while (k != 0 && errno == EINTR);
    return k == 0 || errno == EINVAL || errno == ENOTSUP ? 0 : mv__io_errno();
}
static int mv__io_file_close(void *user, void *file) { /* EINTR: the descriptor is gone all the same */
    (void)user;
    return close(mv__io_fd(file)) == 0 || errno == EINTR ? 0 : mv__io_errno();
}
static int mv__io_file_protect(void *user, void *file, const char *like) {
    struct stat want, have;
    mode_t mode;
    int fd = mv__io_fd(file);
    (void)user;
    if (stat(like, &want) != 0) return errno == ENOENT ? 0 : mv__io_errno();
    if (fstat(fd, &have) != 0) return mv__io_errno();
    mode = want.st_mode & 0777;
    if ((have.st_uid != want.st_uid || have.st_gid != want.st_gid) &&
        fchown(fd, want.st_uid, want.st_gid) != 0 && fchown(fd, (uid_t)-1, want.st_gid) != 0)
        mode = (mode & 0707) | (mode & 07) << 3; /* another group: the rights that everybody has */
    (void)fchmod(fd, mode);                      /* some file systems know no permissions */
    return 0;
}
static int mv__io_file_move(void *user, const char *from, const char *to) { /* without waiting */
    (void)user;
    return rename(from, to) == 0 ? 0 : mv__io_errno();
}
static int mv__io_file_rename(void *user, const char *from, const char *to) {
    char folder[4096]; /* as long as paths get */
    size_t n = mv__io_length(to);
    int fd, st = mv__io_file_move(user, from, to);
    if (st < 0) return st;
    while (n > 0 && to[n - 1] != '/') n--;
    if (n >= sizeof folder) return 0;
    mv__memcpy(folder, to, n);
    if (n == 0) folder[n++] = '.';
    folder[n] = 0;
    do fd = open(folder, O_RDONLY | O_CLOEXEC);
    while (fd < 0 && errno == EINTR);
    if (fd >= 0) { /* so that the new name outlives a power failure; not every file system can */
        while (fsync(fd) != 0 && errno == EINTR) {}
        close(fd);
    }
    return 0;
}
static int mv__io_file_link(void *user, const char *path, const char *other) {
    (void)user;
    return link(path, other) == 0 ? 0 : mv__io_errno();
}
static int mv__io_file_remove(void *user, const char *path) {
    (void)user;
    return unlink(path) == 0 ? 0 : mv__io_errno();
}
static int mv__io_file_resolve(void *user, const char *path, char *buf, size_t size) {
    struct stat info;
    size_t n = mv__io_length(path), folder;
    ssize_t k;
    int hops;
    (void)user;
    if (n + 1 > size) return MEDVOL_E_SPACE;
    mv__memcpy(buf, path, n + 1);
    for (hops = 0; lstat(buf, &info) == 0; hops++) {
        if (S_ISREG(info.st_mode)) return 1;
        if (!S_ISLNK(info.st_mode)) return MEDVOL_E_UNSUPPORTED;
        if (hops == 40) return MEDVOL_E_IO;
        for (folder = mv__io_length(buf); folder > 0 && buf[folder - 1] != '/'; folder--) {}
        n = (size_t)info.st_size;
        if (folder + n + 2 > size) return MEDVOL_E_SPACE;
        { /* read behind the folder, then drop the folder when the link is absolute */
            char *to = buf + folder + mv__io_length(buf + folder) + 1;
            if ((size_t)(to - buf) + n + 2 > size) return MEDVOL_E_SPACE;
            k = readlink(buf, to, n + 1);
            if (k < 0) return mv__io_errno();
            if ((size_t)k > n) return MEDVOL_E_IO; /* another link by now */
            to[k] = 0;
            mv__memmove(to[0] == '/' ? buf : buf + folder, to, (size_t)k + 1);
        }
    }
    return errno == ENOENT ? 0 : mv__io_errno();
}
#  ifndef MEDVOL_NO_MMAP
static int mv__io_file_map(void *user, void *file, uint64_t bytes, void **address) {
    int flags = MAP_PRIVATE;
    void *p;
    (void)user;
#    ifdef MAP_NORESERVE /* the file may be larger than memory and swap space */
    flags |= MAP_NORESERVE;
#    endif
    if (bytes == 0 || bytes > (uint64_t)PTRDIFF_MAX) return MEDVOL_E_SIZE;
    p = mmap(NULL, (size_t)bytes, PROT_READ | PROT_WRITE, flags, mv__io_fd(file), 0);
    if (p == MAP_FAILED) return mv__io_errno();
    *address = p;
    return 0;
}
#  endif
static unsigned long mv__io_pid(void) { return (unsigned long)getpid(); }
#elif defined(MV__WIN32)
static int mv__io_errno(void) {
    switch (GetLastError()) {
        case ERROR_FILE_NOT_FOUND: case ERROR_PATH_NOT_FOUND: return MEDVOL_E_NOTFOUND;
        case ERROR_ACCESS_DENIED: case ERROR_SHARING_VIOLATION:
        case ERROR_WRITE_PROTECT: case ERROR_USER_MAPPED_FILE:
            return MEDVOL_E_ACCESS;
        case ERROR_FILE_EXISTS: case ERROR_ALREADY_EXISTS: return MEDVOL_E_EXISTS;
        case ERROR_DISK_FULL: return MEDVOL_E_FULL;
        case ERROR_NOT_ENOUGH_MEMORY: return MEDVOL_E_NOMEM;
        default: return MEDVOL_E_IO;
    }
}
enum { MV__IO_WIDE = 2048 };
static int mv__io_widen(wchar_t *w, const char *path) {
    return MultiByteToWideChar(CP_UTF8, MB_ERR_INVALID_CHARS, path, -1, w, MV__IO_WIDE) > 0
               ? 0
               : MEDVOL_E_NOTFOUND;
}
static int mv__io_file_open(void *user, const char *path, int mode, void **file) {
    wchar_t w[MV__IO_WIDE];
    HANDLE h;
    DWORD attributes;
    (void)user;
    if (mv__io_widen(w, path) < 0) return MEDVOL_E_NOTFOUND;
    if (mode != MEDVOL_IO_READ)
        h = CreateFileW(w, GENERIC_WRITE, 0, NULL, CREATE_NEW, FILE_ATTRIBUTE_NORMAL, NULL);
    else {
        attributes = GetFileAttributesW(w);
        if (attributes != INVALID_FILE_ATTRIBUTES &&
            (attributes & (FILE_ATTRIBUTE_DIRECTORY | FILE_ATTRIBUTE_DEVICE)))
            return MEDVOL_E_UNSUPPORTED;
        h = CreateFileW(w, GENERIC_READ, FILE_SHARE_READ | FILE_SHARE_DELETE, NULL, OPEN_EXISTING,
                        FILE_ATTRIBUTE_NORMAL, NULL);
        if (h != INVALID_HANDLE_VALUE && GetFileType(h) != FILE_TYPE_DISK) {
            CloseHandle(h);
            return MEDVOL_E_UNSUPPORTED;
        }
    }
    if (h == INVALID_HANDLE_VALUE) return mv__io_errno();
    *file = (void *)h;
    return 0;
}
static int mv__io_file_size(void *user, void *file, uint64_t *bytes) {
    LARGE_INTEGER n;
    (void)user;
    if (!GetFileSizeEx((HANDLE)file, &n) || n.QuadPart < 0) return MEDVOL_E_IO;
    *bytes = (uint64_t)n.QuadPart;
    return 0;
}
static int64_t mv__io_file_read(void *user, void *file, uint64_t offset, void *dst, size_t n) {
    OVERLAPPED at;
    DWORD k = 0;
    (void)user;
    mv__memset(&at, 0, sizeof at);
    at.Offset = (DWORD)offset;
    at.OffsetHigh = (DWORD)(offset >> 32);
    if (!ReadFile((HANDLE)file, dst, n < 0x40000000u ? (DWORD)n : 0x40000000u, &k, &at))
        return GetLastError() == ERROR_HANDLE_EOF ? 0 : mv__io_errno();
    return (int64_t)k;
}
static int64_t mv__io_file_write(void *user, void *file, const void *src, size_t n) {
    DWORD k = 0;
    (void)user;
    if (!WriteFile((HANDLE)file, src, n < 0x40000000u ? (DWORD)n : 0x40000000u, &k, NULL))
        return mv__io_errno();
    return (int64_t)k;
}
static int mv__io_file_sync(void *user, void *file) {
    (void)user;
    return FlushFileBuffers((HANDLE)file) ? 0 : mv__io_errno();
}
static int mv__io_file_close(void *user, void *file) {
    (void)user;
    return CloseHandle((HANDLE)file) ? 0 : mv__io_errno();
}
static int mv__io_file_rename(void *user, const char *from, const char *to) {
    wchar_t a[MV__IO_WIDE], b[MV__IO_WIDE];
    (void)user;
    if (mv__io_widen(a, from) < 0 || mv__io_widen(b, to) < 0) return MEDVOL_E_NOTFOUND;
    return MoveFileExW(a, b, MOVEFILE_REPLACE_EXISTING | MOVEFILE_WRITE_THROUGH) ? 0 : mv__io_errno();
}
static int mv__io_file_link(void *user, const char *path, const char *other) {
    wchar_t a[MV__IO_WIDE], b[MV__IO_WIDE];
    (void)user;
    if (mv__io_widen(a, path) < 0 || mv__io_widen(b, other) < 0) return MEDVOL_E_NOTFOUND;
    return CreateHardLinkW(b, a, NULL) ? 0 : mv__io_errno();
}
static int mv__io_file_remove(void *user, const char *path) {
    wchar_t w[MV__IO_WIDE];
    (void)user;
    if (mv__io_widen(w, path) < 0) return MEDVOL_E_NOTFOUND;
    return DeleteFileW(w) ? 0 : mv__io_errno();
}
/* links are left to the system */
static int mv__io_file_resolve(void *user, const char *path, char *buf, size_t size) {
    wchar_t w[MV__IO_WIDE];
    DWORD attributes;
    size_t n = mv__io_length(path);
    (void)user;
    if (n + 1 > size) return MEDVOL_E_SPACE;
    if (mv__io_widen(w, path) < 0) return MEDVOL_E_NOTFOUND;
    attributes = GetFileAttributesW(w);
    if (attributes != INVALID_FILE_ATTRIBUTES &&
        (attributes & (FILE_ATTRIBUTE_DIRECTORY | FILE_ATTRIBUTE_DEVICE)))
        return MEDVOL_E_UNSUPPORTED;
    mv__memcpy(buf, path, n + 1);
    return 0;
}
#  ifndef MEDVOL_NO_MMAP
static int mv__io_file_map(void *user, void *file, uint64_t bytes, void **address) {
    HANDLE h;
    (void)user;
    if (bytes == 0 || bytes > (uint64_t)PTRDIFF_MAX) return MEDVOL_E_SIZE;
    h = CreateFileMappingW((HANDLE)file, NULL, PAGE_WRITECOPY, 0, 0, NULL);
    if (!h) return mv__io_errno();
    *address = MapViewOfFile(h, FILE_MAP_COPY, 0, 0, (SIZE_T)bytes);
    CloseHandle(h); /* the view keeps it alive */
    return *address ? 0 : mv__io_errno();
}
#  endif
static unsigned long mv__io_pid(void) { return (unsigned long)GetCurrentProcessId(); }
#else
static unsigned long mv__io_pid(void) { return 0; }
#endif
#if (defined(MV__POSIX) || defined(MV__WIN32)) && !defined(MEDVOL_NO_MMAP)
static void mv__io_file_unmap(void *user, void *address, uint64_t bytes) {
    (void)user;
    mv__unmap(address, bytes);
}
#endif
MEDVOL_DEF const mv_io *mv_io_default(void) {
#if defined(MV__POSIX) || defined(MV__WIN32)
    static const mv_io files = {NULL, mv__io_file_open, mv__io_file_size, mv__io_file_read, mv__io_file_write,
                                mv__io_file_sync, mv__io_file_close, mv__io_file_rename, mv__io_file_remove,
                                mv__io_file_resolve,
#  ifdef MEDVOL_NO_MMAP
                                NULL, NULL,
#  else
                                mv__io_file_map, mv__io_file_unmap,
#  endif
#  ifdef MV__POSIX
                                mv__io_file_protect,
#  else
                                NULL,
#  endif
                                mv__io_file_link};
    return &files;
#else
    return NULL;
#endif
}

/* ---- header fields of both versions in one table: where they lie in the file and in mv_nifti ---- */
typedef struct mv__io_field {
    const char *name;
    uint16_t member;      /* offset in mv_nifti */
    char kind;            /* there: b char, i int, l int64_t, d double, s text of count characters and a
                             zero */
    unsigned char count;
    int16_t at1, at2;     /* offset in the file, version 1 and 2; -1: none */
    char type1, type2;    /* there: c 8, h 16, i 32, l 64 bits, f float, d double, s text */
    char analyze;         /* Analyze 7.5 has it too */
} mv__io_field;
#define MV__X(name, kind, count, at1, type1, at2, type2, analyze) \
    {#name, (uint16_t)offsetof(mv_nifti, name), kind, count, at1, at2, type1, type2, analyze},
static const mv__io_field mv__io_fields[] = {
    MV__X(data_type, 's', 10, 4, 's', -1, 0, 1)
    MV__X(db_name, 's', 18, 14, 's', -1, 0, 1)
    MV__X(extents, 'i', 1, 32, 'i', -1, 0, 1)
    MV__X(session_error, 'i', 1, 36, 'h', -1, 0, 1)
    MV__X(regular, 'b', 1, 38, 'c', -1, 0, 1)
    MV__X(dim_info, 'i', 1, 39, 'c', 524, 'c', 0)
    MV__X(intent_p, 'd', 3, 56, 'f', 80, 'd', 0)
    MV__X(intent_code, 'i', 1, 68, 'h', 504, 'i', 0)
    MV__X(slice_start, 'l', 1, 74, 'h', 224, 'l', 0)
    MV__X(pixdim, 'd', 8, 76, 'f', 104, 'd', 1)
    MV__X(slice_end, 'l', 1, 120, 'h', 232, 'l', 0)
    MV__X(slice_code, 'i', 1, 122, 'c', 496, 'i', 0)
    MV__X(xyzt_units, 'i', 1, 123, 'c', 500, 'i', 0)
    MV__X(cal_max, 'd', 1, 124, 'f', 192, 'd', 1)
    MV__X(cal_min, 'd', 1, 128, 'f', 200, 'd', 1)
    MV__X(slice_duration, 'd', 1, 132, 'f', 208, 'd', 0)
    MV__X(toffset, 'd', 1, 136, 'f', 216, 'd', 0)
    MV__X(glmax, 'i', 1, 140, 'i', -1, 0, 1)
    MV__X(glmin, 'i', 1, 144, 'i', -1, 0, 1)
    MV__X(descrip, 's', 80, 148, 's', 240, 's', 1)
    MV__X(aux_file, 's', 24, 228, 's', 320, 's', 1)
    MV__X(qform_code, 'i', 1, 252, 'h', 344, 'i', 0)
    MV__X(sform_code, 'i', 1, 254, 'h', 348, 'i', 0)
    MV__X(quatern, 'd', 3, 256, 'f', 352, 'd', 0)
    MV__X(qoffset, 'd', 3, 268, 'f', 376, 'd', 0)
    MV__X(sform, 'd', 12, 280, 'f', 400, 'd', 0)
    MV__X(intent_name, 's', 16, 328, 's', 508, 's', 0)
};
#undef MV__X
enum { MV__IO_FIELDS = (int)(sizeof mv__io_fields / sizeof *mv__io_fields) };

/* one number of the file: integers through int64, reals through double; `swap`: the other byte order */
static uint64_t mv__io_bits(const unsigned char *p, size_t n, int swap) {
    uint64_t u = 0;
    size_t i;
    int big = swap ? !MV__BIG_ENDIAN : MV__BIG_ENDIAN;
    for (i = 0; i < n; i++) u = u << 8 | p[big ? i : n - 1 - i];
    return u;
}
static int64_t mv__io_int(const unsigned char *p, char type, int swap) {
    uint64_t u;
    switch (type) {
        case 'c': return p[0];
        case 'h': u = mv__io_bits(p, 2, swap); return (int64_t)u - (int64_t)((u & 0x8000u) << 1);
        case 'i': u = mv__io_bits(p, 4, swap); return (int64_t)u - (int64_t)((u & 0x80000000u) << 1);
        default:
            u = mv__io_bits(p, 8, swap);
            return u >> 63 ? -(int64_t)(~u) - 1 : (int64_t)u;
    }
}
static double mv__io_real(const unsigned char *p, char type, int swap) {
    uint64_t u;
    double d;
    if (type == 'f') return (double)mv__bits_f32((uint32_t)mv__io_bits(p, 4, swap));
    u = mv__io_bits(p, 8, swap);
    mv__memcpy(&d, &u, 8);
    return d;
}
static void mv__io_set_bits(unsigned char *p, size_t n, uint64_t u, int swap) {
    size_t i;
    int big = swap ? !MV__BIG_ENDIAN : MV__BIG_ENDIAN;
    for (i = 0; i < n; i++, u >>= 8) p[big ? n - 1 - i : i] = (unsigned char)u;
}
static size_t mv__io_width(char type) {
    return type == 'c' ? 1 : type == 'h' ? 2 : type == 'i' || type == 'f' ? 4 : 8;
}
static void mv__io_set_int(unsigned char *p, char type, int64_t v, int swap) {
    mv__io_set_bits(p, mv__io_width(type), (uint64_t)v, swap);
}
static float mv__io_float(double x) { /* a double beyond float is undefined in C: infinite here */
    if (x > 3.4028234663852886e38) return mv__bits_f32(0x7f800000u);
    return x < -3.4028234663852886e38 ? mv__bits_f32(0xff800000u) : (float)x;
}
static void mv__io_set_real(unsigned char *p, char type, double x, int swap) {
    uint64_t u;
    if (type == 'f') {
        mv__io_set_bits(p, 4, mv__f32_bits(mv__io_float(x)), swap);
        return;
    }
    mv__memcpy(&u, &x, 8);
    mv__io_set_bits(p, 8, u, swap);
}
static void mv__io_read_fields(mv_nifti *h, const unsigned char *p, int swap) {
    int i, k;
    for (i = 0; i < MV__IO_FIELDS; i++) {
        const mv__io_field *f = &mv__io_fields[i];
        int at = h->version == 2 ? f->at2 : f->at1;
        char type = h->version == 2 ? f->type2 : f->type1;
        unsigned char *m = (unsigned char *)h + f->member;
        if (at < 0 || (h->version == 0 && !f->analyze)) continue;
        if (f->kind == 's') mv__memcpy(m, p + at, f->count);
        else if (f->kind == 'b') *m = p[at];
        else if (f->kind == 'i') *(int *)(void *)m = (int)mv__io_int(p + at, type, swap);
        else if (f->kind == 'l') *(int64_t *)(void *)m = mv__io_int(p + at, type, swap);
        else
            for (k = 0; k < f->count; k++)
                ((double *)(void *)m)[k] = mv__io_real(p + at + (size_t)k * mv__io_width(type), type, swap);
    }
}
static void mv__io_write_fields(unsigned char *p, const mv_nifti *h, int version, int swap) {
    int i, k;
    for (i = 0; i < MV__IO_FIELDS; i++) {
        const mv__io_field *f = &mv__io_fields[i];
        int at = version == 2 ? f->at2 : f->at1;
        char type = version == 2 ? f->type2 : f->type1;
        const unsigned char *m = (const unsigned char *)h + f->member;
        if (at < 0) continue;
        if (f->kind == 's') mv__memcpy(p + at, m, f->count);
        else if (f->kind == 'b') p[at] = *m;
        else if (f->kind == 'i') mv__io_set_int(p + at, type, *(const int *)(const void *)m, swap);
        else if (f->kind == 'l') mv__io_set_int(p + at, type, *(const int64_t *)(const void *)m, swap);
        else
            for (k = 0; k < f->count; k++)
                mv__io_set_real(p + at + (size_t)k * mv__io_width(type), type,
                                ((const double *)(const void *)m)[k], swap);
    }
}

/* ---- reading a header from memory. Everything in it is a claim. ---- */
typedef struct mv__io_hdr {
    mv_volume v;     /* shape, type, scaling and geometry; no voxels */
    mv_nifti n;
    uint64_t bytes;  /* of the voxels of the whole file */
    uint64_t offset; /* of the first voxel in its file */
    size_t size;     /* 348 or 540 */
    int swap;        /* the file is in the other byte order */
    int form;        /* MEDVOL_FORM_*; n is that of NIfTI alone, but for n.pair */
} mv__io_hdr;
static mv_status mv__io_warn(mv_ctx *ctx, unsigned bit, const char *field, double value, int64_t offset,
                             const char *what) {
    if (ctx && ctx->desc.strict)
        return mv__fail(ctx, MEDVOL_E_FORMAT, field, value, offset, "%s = %g: %s (strict)", field, value,
                        what);
    if (ctx) ctx->warnings |= bit;
    return MEDVOL_OK;
}
static int mv__io_starts(const unsigned char *p, size_t n, size_t at, const char *text) {
    size_t k = mv__io_length(text);
    return at + k <= n && mv__memcmp(p + at, text, k) == 0;
}
static const char *mv__io_looks_like(const unsigned char *p, size_t n) {
    static const struct {
        unsigned char at;
        const char *start, *name;
    } kinds[] = {
        {0, "\x1f\x8b\x08", "gzip within gzip"}, {0, "\x1f\x8b", "gzip of an unknown method"},
        {0, "PK\x03\x04", "a ZIP archive"}, {0, "BZh", "bzip2"},
        {0, "\xfd" "7zXZ", "xz"}, {0, "\x28\xb5\x2f\xfd", "Zstandard"},
        {0, "version https://git-lfs", "a Git LFS pointer: fetch the file itself"}, {128, "DICM", "DICOM"},
        {0, "NRRD", "NRRD"}, {0, "ObjectType", "MetaImage"}, {0, "\x89HDF", "HDF5"},
        {0, "CDF", "NetCDF or MINC"}, {0, "\x93NUMPY", "a NumPy array"}, {0, "\x89PNG", "a PNG picture"},
        {0, "\xff\xd8\xff", "a JPEG picture"}, {0, "%PDF", "PDF"}, {0, "<", "HTML or XML"},
    };
    size_t i, text = 0;
    if (n == 0) return "an empty file";
    for (i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (mv__io_starts(p, n, kinds[i].at, kinds[i].start)) return kinds[i].name;
    for (i = 0; i < n && i < 64; i++) text += (p[i] >= 32 && p[i] < 127) || (p[i] >= 9 && p[i] <= 13);
    return text == i ? "text" : "something unknown";
}
/* Version, byte order and magic. */
static mv_status mv__io_parse_kind(mv_ctx *ctx, mv__io_hdr *h, const unsigned char *p, size_t n,
                                   int analyze) {
    const unsigned char *magic;
    int64_t size, other;
    if (n < 4)
        return mv__fail(ctx, MEDVOL_E_FORMAT, "sizeof_hdr", (double)n, 0,
                        "not a NIfTI file but %s (%zu bytes: a header has 348)", mv__io_looks_like(p, n), n);
    size = mv__io_int(p, 'i', 0);
    other = mv__io_int(p, 'i', 1);
    h->swap = (other < 0 ? -other : other) < (size < 0 ? -size : size); /* 348 and 540 are small numbers */
    if (h->swap) size = other;
    if (size != 348 && size != 540)
        return mv__fail(ctx, MEDVOL_E_FORMAT, "sizeof_hdr", (double)size, 0,
                        "not a NIfTI file but %s (sizeof_hdr = %lld: must be 348 or 540)",
                        mv__io_looks_like(p, n), (long long)size);
    h->size = (size_t)size;
    if (n < h->size)
        return mv__fail(ctx, MEDVOL_E_TRUNCATED, "sizeof_hdr", (double)n, (int64_t)n,
                        "the header ends after %zu of %zu bytes", n, h->size);
    h->n.big_endian = MV__BIG_ENDIAN ? !h->swap : h->swap;
    magic = p + (size == 348 ? 344 : 4);
    if (size == 540) {
        h->n.version = 2;
        h->n.pair = mv__memcmp(magic, "ni2", 4) == 0;
        if (!h->n.pair && mv__memcmp(magic, "n+2", 4) != 0)
            return mv__fail(ctx, MEDVOL_E_FORMAT, "magic", magic[0], 4,
                            "magic = %x %x %x %x: must be \"n+2\" or \"ni2\"", (unsigned)magic[0],
                            (unsigned)magic[1], (unsigned)magic[2], (unsigned)magic[3]);
        if (mv__memcmp(magic + 4, "\r\n\032\n", 4) != 0)
            return mv__fail(
                ctx, MEDVOL_E_FORMAT, "magic", magic[4], 8,
                "the line ends in the magic were changed: the file was copied in text mode and is damaged");
        return MEDVOL_OK;
    }
    h->n.pair = mv__memcmp(magic, "ni1", 4) == 0;
    h->n.version = h->n.pair || mv__memcmp(magic, "n+1", 4) == 0;
    if (h->n.version) return MEDVOL_OK;
    h->n.pair = 1;
    if (analyze && magic[0] != 'n') return MEDVOL_OK;
    if (mv__memcmp(magic, "\0\0\0", 4) == 0)
        return mv__fail(ctx, MEDVOL_E_FORMAT, "magic", 0, 344,
                        "no magic: Analyze 7.5 is not NIfTI (the option analyze takes it as such)");
    return mv__fail(ctx, MEDVOL_E_FORMAT, "magic", magic[0], 344,
                    "magic = %x %x %x %x: must be \"n+1\" or \"ni1\"", (unsigned)magic[0],
                    (unsigned)magic[1], (unsigned)magic[2], (unsigned)magic[3]);
}
static mv_status mv__io_parse_type(mv_ctx *ctx, mv__io_hdr *h, const unsigned char *p) {
    int at = h->n.version == 2 ? 12 : 70;
    int64_t code = mv__io_int(p + at, 'h', h->swap), bits = mv__io_int(p + at + 2, 'h', h->swap);
    h->v.dtype = (mv_dtype)code;
    if (code == 1)
        return mv__fail(ctx, MEDVOL_E_UNSUPPORTED, "datatype", 1, at,
                        "datatype = 1 (BINARY): 1-bit voxels are not supported");
    if (code < 0 || mv_dtype_size(h->v.dtype) == 0)
        return mv__fail(ctx, MEDVOL_E_DTYPE, "datatype", (double)code, at,
                        "datatype = %d (%s): not a type of NIfTI voxels", (int)code,
                        code == 0     ? "UNKNOWN"
                        : code == 255 ? "ALL"
                                      : "no such code");
    if (bits != (int64_t)mv_dtype_size(h->v.dtype) * 8)
        return mv__io_warn(ctx, MEDVOL_W_BITPIX, "bitpix", (double)bits, at + 2, "disagrees with datatype");
    return MEDVOL_OK;
}
/* each entry of an array has a name of its own in errors */
#define MV__IO_NAMES(f) {f "[0]", f "[1]", f "[2]", f "[3]", f "[4]", f "[5]", f "[6]", f "[7]"}
static mv_status mv__io_parse_dims(mv_ctx *ctx, mv__io_hdr *h, const unsigned char *p) {
    int wide = h->n.version == 2, at = wide ? 16 : 40, step = wide ? 8 : 2, d;
    char type = wide ? 'l' : 'h';
    int64_t rank = mv__io_int(p + at, type, h->swap);
    uint64_t n = mv_dtype_size(h->v.dtype);
    static const char *const names[8] = MV__IO_NAMES("dim");
    if (rank < 1 || rank > 7)
        return mv__fail(ctx, MEDVOL_E_FORMAT, names[0], (double)rank, at, "dim[0] = %lld: must be 1..7",
                        (long long)rank);
    h->v.ndim = (int)rank;
    for (d = 0; d < 7; d++) {
        int64_t k = d < rank ? mv__io_int(p + at + (d + 1) * step, type, h->swap) : 1;
        if (k < 1)
            return mv__fail(ctx, MEDVOL_E_FORMAT, names[d + 1], (double)k, at + (d + 1) * step,
                            "dim[%d] = %lld: must be at least 1", d + 1, (long long)k);
        if ((uint64_t)k > UINT64_MAX / n || (n *= (uint64_t)k) > (uint64_t)INT64_MAX / 2)
            return mv__fail(ctx, MEDVOL_E_SIZE, names[d + 1], (double)k, at + (d + 1) * step,
                            "dim[%d] = %lld: the voxels together would need more bytes than can be counted",
                            d + 1, (long long)k);
        if ((uint64_t)k > (uint64_t)PTRDIFF_MAX || n > (uint64_t)PTRDIFF_MAX) /* on 32 bits */
            return mv__fail(ctx, MEDVOL_E_SIZE, names[d + 1], (double)k, at + (d + 1) * step,
                            "dim[%d] = %lld: too large for this platform", d + 1, (long long)k);
        h->v.dim[d] = (size_t)k;
    }
    h->bytes = n;
    return MEDVOL_OK;
}
/* vox_offset is a float in version 1: NaN, infinite, negative, fractional, huge or inside the header are all
   to be expected. */
static mv_status mv__io_parse_offset(mv_ctx *ctx, mv__io_hdr *h, const unsigned char *p) {
    int wide = h->n.version == 2, at = wide ? 168 : 108;
    int64_t least = h->n.pair ? 0 : (int64_t)h->size + 4;
    double x = wide ? (double)mv__io_int(p + at, 'l', h->swap) : mv__io_real(p + at, 'f', h->swap);
    int64_t k = -1;
    if (wide) k = mv__io_int(p + at, 'l', h->swap);
    else if (x >= 0.0 && x < 4611686018427387904.0 && x == floor(x)) k = (int64_t)x;
    if (k == 0) k = least; /* written so by some programs; it can only mean: right behind the header */
    if (k < least || k > INT64_MAX / 2)
        return mv__fail(ctx, MEDVOL_E_FORMAT, "vox_offset", x, at,
                        "vox_offset = %g: must be a whole number, at least %lld", x, (long long)least);
    h->offset = (uint64_t)k;
    h->n.vox_offset = k;
    return MEDVOL_OK;
}
static mv_status mv__io_parse_scaling(mv_ctx *ctx, mv__io_hdr *h, const unsigned char *p) {
    int wide = h->n.version == 2, at = wide ? 176 : 112;
    char type = wide ? 'd' : 'f';
    double slope = mv__io_real(p + at, type, h->swap),
           inter = mv__io_real(p + at + (wide ? 8 : 4), type, h->swap);
    h->v.slope = 1.0;
    h->v.inter = 0.0;
    if (h->n.version == 0 || h->v.dtype == MEDVOL_RGB24 || h->v.dtype == MEDVOL_RGBA32) return MEDVOL_OK;
    if (slope == 0.0 || !mv__finite(slope)) return MEDVOL_OK; /* no scaling */
    if (!mv__finite(inter))
        return mv__fail(ctx, MEDVOL_E_FORMAT, "scl_inter", inter, at + (wide ? 8 : 4),
                        "scl_inter = %g with scl_slope = %g: must be finite", inter, slope);
    h->v.slope = slope;
    h->v.inter = inter;
    return MEDVOL_OK;
}
static int mv__io_length_ok(double x) { return x >= 1e-30 && x <= 1e30; } /* of a voxel, in any unit */
static int mv__io_usable(const double *a) {
    double inverse[12], spacing[3];
    int i;
    for (i = 0; i < 12; i++)
        if (!(fabs(a[i]) < 1e90)) return 0; /* NaN too; room for a crop's new origin */
    mv_affine_spacing(spacing, a);
    for (i = 0; i < 3; i++)
        /* the determinant may not underflow, now or in millimetres */
        if (!mv__io_length_ok(spacing[i])) return 0;
    return mv_affine_invert(inverse, a) == MEDVOL_OK;
}
/* mm a spatial unit and seconds a temporal one; 1 for what is neither */
static void mv__io_units(int xyzt, double *mm, double *s) {
    *mm = (xyzt & 7) == 1 ? 1000.0 : (xyzt & 7) == 3 ? 0.001 : 1.0;
    *s = (xyzt & 0x38) == 16 ? 0.001 : (xyzt & 0x38) == 24 ? 1e-6 : 1.0;
}
static mv_status mv__io_parse_pixdim(mv_ctx *ctx, mv__io_hdr *h, double *spacing) {
    static const char *const names[8] = MV__IO_NAMES("pixdim");
    int d, at = h->n.version == 2 ? 104 : 76, step = h->n.version == 2 ? 8 : 4;
    double mm, s;
    mv__io_units(h->n.xyzt_units, &mm, &s);
    for (d = 1; d < 8; d++) {
        double x = fabs(h->n.pixdim[d]);
        int bad = !mv__io_length_ok(x) || h->n.pixdim[d] < 0.0;
        if (!mv__io_length_ok(x)) x = 1.0;
        if (bad && d <= h->v.ndim) {
            mv_status st = mv__io_warn(ctx, MEDVOL_W_PIXDIM, names[d], h->n.pixdim[d], at + d * step,
                                       "must be positive and finite");
            if (st < 0) return st;
        }
        if (d <= 3) spacing[d - 1] = x;
        else h->v.step[d - 4] = d == 4 ? x * s : x;
    }
    return MEDVOL_OK;
}
static mv_status mv__io_parse_geometry(mv_ctx *ctx, mv__io_hdr *h) {
    int v2 = h->n.version == 2, i, done = 0;
    double spacing[3], mm, s, q = 0.0;
    mv_nifti *n = &h->n;
    mv_status st = mv__io_parse_pixdim(ctx, h, spacing);
    mv__io_units(n->xyzt_units, &mm, &s);
    if (st == MEDVOL_OK && n->sform_code > 0) {
        mv__memcpy(h->v.affine, n->sform, sizeof n->sform);
        done = mv__io_usable(h->v.affine);
        if (!done)
            st = mv__io_warn(ctx, MEDVOL_W_AFFINE, "sform_code", n->sform_code, v2 ? 348 : 254,
                             "the sform cannot be inverted");
    }
    if (st == MEDVOL_OK && !done && n->qform_code > 0) {
        for (i = 0; i < 3; i++) q += n->quatern[i] * n->quatern[i];
        mv_affine_from_qform(h->v.affine, n->quatern, n->qoffset, spacing, n->pixdim[0]);
        done = mv__io_usable(h->v.affine);
        if (!done)
            st = mv__io_warn(ctx, MEDVOL_W_AFFINE, "qform_code", n->qform_code, v2 ? 344 : 252,
                             "the qform cannot be used");
        else if (q > 1.0 + 1e-3)
            st = mv__io_warn(ctx, MEDVOL_W_QUATERNION, "quatern", q, v2 ? 352 : 256, "longer than 1");
    }
    if (!done) mv_affine_from_spacing(h->v.affine, spacing, NULL);
    for (i = 0; i < 12; i++) h->v.affine[i] *= mm;
    mv__memcpy(n->affine, h->v.affine, sizeof n->affine);
    return st;
}
static mv_status mv__io_parse(mv_ctx *ctx, mv__io_hdr *h, const unsigned char *p, size_t n, int analyze) {
    mv_status st;
    mv__memset(h, 0, sizeof *h);
    h->form = MEDVOL_FORM_NIFTI;
    if ((st = mv__io_parse_kind(ctx, h, p, n, analyze)) < 0) return st;
    mv__io_read_fields(&h->n, p, h->swap);
    if ((st = mv__io_parse_type(ctx, h, p)) < 0) return st;
    if ((st = mv__io_parse_dims(ctx, h, p)) < 0) return st;
    if ((st = mv__io_parse_offset(ctx, h, p)) < 0) return st;
    if ((st = mv__io_parse_scaling(ctx, h, p)) < 0) return st;
    mv__vol_strides(&h->v);
    return mv__io_parse_geometry(ctx, h);
}

/* ---- headers that are text: BART and NumPy ---- */
enum { MV__IO_TEXT = 4096, MV__IO_AXES = 64 };
static int mv__io_is_npy(const unsigned char *p, size_t n) { return mv__io_starts(p, n, 0, "\x93NUMPY"); }
static int mv__io_is_text(const unsigned char *p, size_t n) {
    return mv__io_is_npy(p, n) || (n > 0 && p[0] == '#');
}
/* Shape and type of an array of n axes, the fastest first; `at`: where it is told. */
static mv_status mv__io_array(mv_ctx *ctx, mv__io_hdr *h, mv_dtype t, uint64_t *dim, int n, size_t at) {
    uint64_t bytes = mv_dtype_size(t);
    size_t kept[7];
    int d, k;
    for (d = 0; d < n; d++) {
        if (dim[d] < 1)
            return mv__fail(ctx, MEDVOL_E_SIZE, "dim", 0, (int64_t)at, "axis %d has 0 elements: no voxel", d);
        if (dim[d] > UINT64_MAX / bytes || (bytes *= dim[d]) > (uint64_t)INT64_MAX / 2 ||
            bytes > (uint64_t)PTRDIFF_MAX)
            return mv__fail(ctx, MEDVOL_E_SIZE, "dim", (double)dim[d], (int64_t)at,
                            "axis %d has %llu elements: the voxels together would need more bytes than can "
                            "be counted here",
                            d, (unsigned long long)dim[d]);
    }
    for (d = n - 1; d >= 3 && n > 7; d--) {
        if (dim[d] != 1) continue;
        for (k = d; k + 1 < n; k++) dim[k] = dim[k + 1];
        n--;
    }
    if (n > 7)
        return mv__fail(ctx, MEDVOL_E_UNSUPPORTED, "ndim", n, (int64_t)at,
                        "%d axes that cannot be left out: a volume has at most 7", n);
    for (d = 0; d < n; d++) kept[d] = (size_t)dim[d];
    mv__vol_init(&h->v, t, n, kept);
    h->v.slope = 1.0;
    h->bytes = bytes;
    return MEDVOL_OK;
}
/* A number at p[*at]; 0 when there is none, -1 when it is too large. */
static int mv__io_digits(const unsigned char *p, size_t n, size_t *at, uint64_t *value) {
    size_t first = *at;
    int fits = 1;
    for (*value = 0; *at < n && p[*at] >= '0' && p[*at] <= '9'; ++*at) {
        fits = fits && *value < UINT64_MAX / 10 - 1;
        if (fits) *value = *value * 10 + (uint64_t)(p[*at] - '0');
    }
    return *at == first ? 0 : fits ? 1 : -1;
}
static int mv__io_is_blank(unsigned char c) { return c == ' ' || c == '\t' || c == '\r'; }
/* Where the line behind "# Dimensions" begins; n: there is none. */
static size_t mv__io_find_sizes(const unsigned char *p, size_t n) {
    size_t at = 0, k;
    while (at < n) {
        for (k = at + 1; k < n && mv__io_is_blank(p[k]); k++) {}
        if (p[at] == '#' && mv__io_starts(p, n, k, "Dimensions")) {
            for (k += 10; k < n && mv__io_is_blank(p[k]); k++) {}
            if (k < n && p[k] == '\n') return k + 1;
        }
        while (at < n && p[at++] != '\n') {}
    }
    return n;
}
/* The .hdr of a BART array: p[0..n-1] is the text, or its beginning when it is longer. */
static mv_status mv__io_parse_cfl(mv_ctx *ctx, mv__io_hdr *h, const unsigned char *p, size_t n) {
    size_t at = mv__io_find_sizes(p, n), start = at;
    uint64_t dim[16];
    int k = 0, found, last = 1;
    mv__memset(h, 0, sizeof *h);
    h->form = MEDVOL_FORM_CFL;
    h->n.pair = 1;
    h->swap = MV__BIG_ENDIAN;
    if (at == n)
        return mv__fail(ctx, MEDVOL_E_FORMAT, "Dimensions", 0, 0,
                        "text, but no header of BART: no sizes behind a line \"# Dimensions\" in its first "
                        "%d bytes",
                        (int)MV__IO_TEXT);
    for (;; k++) {
        while (at < n && mv__io_is_blank(p[at])) at++;
        if (at == n || p[at] == '\n') break;
        if (k == 16)
            return mv__fail(ctx, MEDVOL_E_FORMAT, "Dimensions", 17, (int64_t)at, "more than 16 sizes");
        found = mv__io_digits(p, n, &at, &dim[k]);
        if (found == 0 || (at < n && !mv__io_is_blank(p[at]) && p[at] != '\n'))
            return mv__fail(ctx, MEDVOL_E_FORMAT, "Dimensions", k, (int64_t)at,
                            "size %d of the line \"# Dimensions\": must be a whole number", k);
        if (found < 0) dim[k] = UINT64_MAX;
        if (dim[k] != 1) last = k + 1;
    }
    if (k == 0) return mv__fail(ctx, MEDVOL_E_FORMAT, "Dimensions", 0, (int64_t)at, "no sizes");
    if (at == MV__IO_TEXT)
        return mv__fail(ctx, MEDVOL_E_FORMAT, "Dimensions", k, (int64_t)at,
                        "the line of sizes goes beyond byte %d", (int)MV__IO_TEXT);
    return mv__io_array(ctx, h, MEDVOL_C64, dim, last, start);
}
/* The dictionary of a .npy file, a literal of Python: bytes at..n-1 of the file. */
typedef struct mv__io_dict {
    mv_ctx *ctx;
    const unsigned char *p;
    size_t at, n;
    mv_dtype dtype;
    int swap, fortran, axes;
    uint64_t dim[MV__IO_AXES]; /* as they stand there */
} mv__io_dict;
static const struct {
    mv_dtype t;
    char kind;
    unsigned char size;
} mv__io_npy_types[] = {
    {MEDVOL_U8, 'u', 1}, {MEDVOL_I8, 'i', 1}, {MEDVOL_U16, 'u', 2}, {MEDVOL_I16, 'i', 2},
    {MEDVOL_U32, 'u', 4}, {MEDVOL_I32, 'i', 4}, {MEDVOL_U64, 'u', 8}, {MEDVOL_I64, 'i', 8},
    {MEDVOL_F16, 'f', 2}, {MEDVOL_F32, 'f', 4}, {MEDVOL_F64, 'f', 8}, {MEDVOL_F128, 'f', 16},
    {MEDVOL_C64, 'c', 8}, {MEDVOL_C128, 'c', 16}, {MEDVOL_C256, 'c', 32},
    {MEDVOL_U8, 'b', 1}, /* bool: never written */
};
enum { MV__IO_NPY_TYPES = (int)(sizeof mv__io_npy_types / sizeof *mv__io_npy_types) };
static mv_status mv__io_npy_bad(const mv__io_dict *d, const char *want) {
    return mv__fail(d->ctx, MEDVOL_E_FORMAT, "header", 0, (int64_t)d->at,
                    "byte %zu of the NumPy header: must be %s", d->at, want);
}
static void mv__io_npy_blank(mv__io_dict *d) {
    while (d->at < d->n && (mv__io_is_blank(d->p[d->at]) || d->p[d->at] == '\n')) d->at++;
}
static int mv__io_npy_next(mv__io_dict *d, char c) { /* passes c, and the blanks before it */
    mv__io_npy_blank(d);
    if (d->at == d->n || d->p[d->at] != (unsigned char)c) return 0;
    d->at++;
    return 1;
}
static int mv__io_npy_word(mv__io_dict *d, const char *word) {
    mv__io_npy_blank(d);
    if (!mv__io_starts(d->p, d->n, d->at, word)) return 0;
    d->at += mv__io_length(word);
    return 1;
}
/* A quoted text of at most 15 characters. */
static mv_status mv__io_npy_quoted(mv__io_dict *d, char *text) {
    size_t n = 0;
    char quote = mv__io_npy_next(d, '\'') ? '\'' : mv__io_npy_next(d, '"') ? '"' : 0;
    if (!quote) return mv__io_npy_bad(d, "a text in quotes");
    while (d->at < d->n && d->p[d->at] != (unsigned char)quote && n < 15) text[n++] = (char)d->p[d->at++];
    text[n] = 0;
    if (d->at == d->n || d->p[d->at] != (unsigned char)quote) return mv__io_npy_bad(d, "the end of a text");
    d->at++;
    return MEDVOL_OK;
}
static mv_status mv__io_npy_descr(mv__io_dict *d) {
    static const char *const kinds[] = {"Oobjects", "Sbyte strings", "abyte strings", "Ustrings", "Vrecords",
                                        "Mdates", "mtime spans"};
    const char *what = "no such type";
    char text[16];
    uint64_t size = 0;
    size_t at = 2, i;
    mv_status st;
    if (mv__io_npy_next(d, '['))
        return mv__fail(d->ctx, MEDVOL_E_DTYPE, "descr", 0, (int64_t)d->at,
                        "descr: records with named fields");
    if ((st = mv__io_npy_quoted(d, text)) < 0) return st;
    for (i = 0; text[0] && i < sizeof kinds / sizeof *kinds; i++)
        if (text[1] == kinds[i][0]) what = kinds[i] + 1;
    if ((text[0] == '<' || text[0] == '>' || text[0] == '|') && text[1] && text[2] >= '1' &&
        mv__io_digits((const unsigned char *)text, mv__io_length(text), &at, &size) > 0 && !text[at])
        for (i = 0; i < MV__IO_NPY_TYPES; i++)
            if (mv__io_npy_types[i].kind == text[1] && mv__io_npy_types[i].size == size)
                d->dtype = mv__io_npy_types[i].t;
    if (text[0] == '|' && size > 1) d->dtype = MEDVOL_NONE; /* of what byte order? */
    d->swap = size > 1 && (text[0] == '>') != MV__BIG_ENDIAN;
    if (d->dtype != MEDVOL_NONE) return MEDVOL_OK;
    return mv__fail(d->ctx, MEDVOL_E_DTYPE, "descr", (double)size, (int64_t)d->at, "descr = '%s': %s", text,
                    what);
}
static mv_status mv__io_npy_shape(mv__io_dict *d) {
    int found, comma = 1;
    if (!mv__io_npy_next(d, '(')) return mv__io_npy_bad(d, "a tuple of sizes");
    while (!mv__io_npy_next(d, ')')) {
        if (!comma) return mv__io_npy_bad(d, "a comma or the end of the shape");
        if (d->axes == MV__IO_AXES) return mv__io_npy_bad(d, "the end of the shape, after 64 axes");
        found = mv__io_digits(d->p, d->n, &d->at, &d->dim[d->axes]);
        if (found == 0) return mv__io_npy_bad(d, "a size");
        if (found < 0) d->dim[d->axes] = UINT64_MAX;
        d->axes++;
        if (d->at < d->n && d->p[d->at] == 'L') d->at++; /* by Python 2 */
        comma = mv__io_npy_next(d, ',');
    }
    return d->axes == 1 && !comma ? mv__io_npy_bad(d, "preceded by a comma: a tuple") : MEDVOL_OK;
}
static mv_status mv__io_npy_dict(mv__io_dict *d) {
    static const char *const keys[] = {"descr", "fortran_order", "shape"};
    char text[16];
    int k, seen = 0, comma = 1;
    mv_status st;
    if (!mv__io_npy_next(d, '{')) return mv__io_npy_bad(d, "a dictionary");
    while (!mv__io_npy_next(d, '}')) {
        if (!comma) return mv__io_npy_bad(d, "a comma or the end of the dictionary");
        if ((st = mv__io_npy_quoted(d, text)) < 0) return st;
        for (k = 0; k < 3; k++)
            if (mv__io_length(text) == mv__io_length(keys[k]) &&
                mv__memcmp(text, keys[k], mv__io_length(text)) == 0)
                break;
        if (k == 3 || (seen >> k & 1)) return mv__io_npy_bad(d, "behind descr, fortran_order or shape, once");
        seen |= 1 << k;
        if (!mv__io_npy_next(d, ':')) return mv__io_npy_bad(d, "a colon");
        if (k == 0) st = mv__io_npy_descr(d);
        else if (k == 2) st = mv__io_npy_shape(d);
        else if (!(d->fortran = mv__io_npy_word(d, "True")) && !mv__io_npy_word(d, "False"))
            st = mv__io_npy_bad(d, "True or False");
        if (st < 0) return st;
        comma = mv__io_npy_next(d, ',');
    }
    mv__io_npy_blank(d);
    if (seen != 7) return mv__io_npy_bad(d, "preceded by descr, fortran_order and shape");
    return d->at < d->n ? mv__io_npy_bad(d, "blank up to the end of the header") : MEDVOL_OK;
}
/* p[0..n-1]: the beginning of the file, which has at most `bound` bytes. */
static mv_status mv__io_parse_npy(mv_ctx *ctx, mv__io_hdr *h, const unsigned char *p, size_t n,
                                  uint64_t bound) {
    mv__io_dict d;
    uint64_t end;
    int i, wide;
    mv_status st;
    mv__memset(h, 0, sizeof *h);
    mv__memset(&d, 0, sizeof d);
    h->form = MEDVOL_FORM_NPY;
    if (n >= 8 && (p[6] < 1 || p[6] > 3 || p[7] != 0))
        return mv__fail(ctx, MEDVOL_E_UNSUPPORTED, "version", p[6], 6,
                        "version %u.%u of .npy: must be 1.0, 2.0 or 3.0", (unsigned)p[6], (unsigned)p[7]);
    wide = n >= 8 && p[6] > 1;
    if (n < (wide ? 12u : 10u))
        return mv__fail(ctx, MEDVOL_E_TRUNCATED, "header", (double)n, (int64_t)n,
                        "the header ends after %zu bytes", n);
    end = (wide ? (uint64_t)mv__io_bits(p + 8, 4, MV__BIG_ENDIAN) + 12
                : (uint64_t)mv__io_bits(p + 8, 2, MV__BIG_ENDIAN) + 10);
    if (end > bound || (end > n && n < MV__IO_TEXT))
        return mv__fail(ctx, MEDVOL_E_TRUNCATED, "header", (double)end, 8,
                        "the header claims to end at byte %llu, the file ends before",
                        (unsigned long long)end);
    if (end > n)
        return mv__fail(ctx, MEDVOL_E_LIMIT, "header", (double)end, 8,
                        "the header claims to end at byte %llu: at most %d are read", (unsigned long long)end,
                        (int)MV__IO_TEXT);
    d.ctx = ctx;
    d.p = p;
    d.at = wide ? 12 : 10;
    d.n = (size_t)end;
    if ((st = mv__io_npy_dict(&d)) < 0) return st;
    for (i = 0; !d.fortran && i < d.axes / 2; i++) {
        uint64_t swap = d.dim[i];
        d.dim[i] = d.dim[d.axes - 1 - i];
        d.dim[d.axes - 1 - i] = swap;
    }
    if (d.axes == 0) d.dim[d.axes++] = 1;
    h->swap = d.swap;
    h->offset = end;
    return mv__io_array(ctx, h, d.dtype, d.dim, d.axes, wide ? 12 : 10);
}

/* ---- a source of bytes: memory or a file, plain or gzip. Offsets count decoded bytes. ---- */
typedef struct mv__io_src {
    mv_ctx *ctx;
    const mv_io *io; /* with file, else mem */
    void *file;
    const unsigned char *mem;
    uint64_t size, plain; /* bytes as they are stored; as many as bare voxels would take (0: not known) */
    int open, gz, known; /* known: looked at, gz is set */
    mv_gzip_reader *reader;
    uint64_t at; /* the reader's next stored byte */
    mv_status status; /* of the last pull */
} mv__io_src;
static mv_status mv__io_status(int64_t code) { /* what a hook returned, as one of ours */
    return code >= 0 ? MEDVOL_OK : code < -1000 || code == MEDVOL_E_TRUNCATED ? MEDVOL_E_IO : (mv_status)code;
}
static mv_status mv__io_trouble(mv_ctx *ctx, mv_status st, const char *what, uint64_t offset) {
    return mv__fail(ctx, st, "file", 0, (int64_t)offset, "%s: %s", what,
                    st == MEDVOL_E_UNSUPPORTED ? "not a regular file"
                    : st == MEDVOL_E_TRUNCATED ? "the file has become shorter"
                                               : mv_status_str(st));
}
/* Exactly n stored bytes. No message, so that jobs may call it. */
static mv_status mv__io_get(const mv__io_src *s, uint64_t offset, void *dst, size_t n) {
    unsigned char *d = (unsigned char *)dst;
    if (offset > s->size || n > s->size - offset) return MEDVOL_E_TRUNCATED;
    if (s->mem) {
        mv__memcpy(d, s->mem + (size_t)offset, n);
        return MEDVOL_OK;
    }
    while (n > 0) {
        int64_t k = s->io->read(s->io->user, s->file, offset, d, n);
        if (k < 0) return mv__io_status(k);
        if (k == 0) return MEDVOL_E_TRUNCATED;
        if ((uint64_t)k > n) return MEDVOL_E_IO;
        d += k;
        n -= (size_t)k;
        offset += (uint64_t)k;
    }
    return MEDVOL_OK;
}
static ptrdiff_t mv__io_pull(void *user, void *dst, size_t n) { /* feeds the gzip reader */
    mv__io_src *s = (mv__io_src *)user;
    if (n > s->size - s->at) n = (size_t)(s->size - s->at);
    if (n == 0) return 0;
    s->status = mv__io_get(s, s->at, dst, n);
    if (s->status < 0) return -1;
    s->at += n;
    return (ptrdiff_t)n;
}
static ptrdiff_t mv__io_pread(void *user, void *dst, size_t n, uint64_t offset) { /* feeds the member index */
    mv__io_src *s = (mv__io_src *)user;
    s->status = mv__io_get(s, offset, dst, n);
    return s->status < 0 ? -1 : (ptrdiff_t)n;
}
static mv_status mv__io_gz_status(mv__io_src *s, mv_status st) { /* a failed read has a name of its own */
    return st == MEDVOL_E_IO && s->status < 0 ? mv__io_trouble(s->ctx, s->status, "reading", s->at) : st;
}
static void mv__io_close(mv__io_src *s) {
    mv_gzip_close(s->ctx, s->reader);
    if (s->open) (void)s->io->close(s->io->user, s->file);
    s->reader = NULL;
    s->open = 0;
}
static mv_status mv__io_reader(mv__io_src *s) {
    s->at = 0;
    if (s->mem) return mv_gzip_open_mem(s->ctx, &s->reader, s->mem, (size_t)s->size);
    return mv_gzip_open(s->ctx, &s->reader, mv__io_pull, s);
}
/* Bare voxels may happen to begin like gzip: a file of exactly their length is gzip only if it decodes to
   that length, with every checksum right. */
static mv_status mv__io_try_gzip(mv__io_src *s) {
    mv_gzip_info info;
    mv_status st = mv__io_reader(s);
    if (st == MEDVOL_OK) st = mv_gzip_finish(s->ctx, s->reader, s->plain, &info);
    mv_gzip_close(s->ctx, s->reader);
    s->reader = NULL;
    if (st == MEDVOL_E_NOMEM || st == MEDVOL_E_IO) return mv__io_gz_status(s, st);
    s->gz = st == MEDVOL_OK && info.dst_n == s->plain;
    return MEDVOL_OK;
}
/* To the start; the first bytes say whether it is gzip. */
static mv_status mv__io_rewind(mv__io_src *s) {
    unsigned char magic[3];
    mv_status st = MEDVOL_OK;
    size_t n = s->size < 3 ? (size_t)s->size : 3;
    mv_gzip_close(s->ctx, s->reader);
    s->reader = NULL;
    s->at = 0;
    if ((st = mv__io_get(s, 0, magic, n)) < 0) return mv__io_trouble(s->ctx, st, "reading", 0);
    s->gz = mv_gzip_is(magic, n);
    if (s->gz && s->size == s->plain && (st = mv__io_try_gzip(s)) < 0) return st;
    s->known = 1;
    return s->gz ? mv__io_reader(s) : MEDVOL_OK;
}
static const mv_io *mv__io_hooks(const mv_ctx *ctx) {
    return ctx && ctx->desc.io ? ctx->desc.io : mv_io_default();
}
static mv_status mv__io_open(mv_ctx *ctx, mv__io_src *s, const char *path) {
    int st;
    mv__memset(s, 0, sizeof *s);
    s->ctx = ctx;
    s->io = mv__io_hooks(ctx);
    if (!s->io)
        return mv__fail(ctx, MEDVOL_E_UNSUPPORTED, "io", 0, -1, "this build has no files: set desc.io");
    st = s->io->open(s->io->user, path, MEDVOL_IO_READ, &s->file);
    if (st < 0) return mv__io_trouble(ctx, mv__io_status(st), "opening", 0);
    s->open = 1;
    st = s->io->size(s->io->user, s->file, &s->size);
    if (st < 0 || s->size > (uint64_t)INT64_MAX / 2) {
        mv__io_close(s);
        return mv__io_trouble(ctx, st < 0 ? mv__io_status(st) : MEDVOL_E_SIZE, "looking at its size", 0);
    }
    return MEDVOL_OK;
}
/* n decoded bytes at offset, *got of them up to the end. */
static mv_status mv__io_read(mv__io_src *s, uint64_t offset, void *dst, size_t n, size_t *got) {
    uint64_t here, skipped;
    mv_status st;
    *got = 0;
    if (!s->gz) {
        if (offset >= s->size) return MEDVOL_OK;
        if (n > s->size - offset) n = (size_t)(s->size - offset);
        if ((st = mv__io_get(s, offset, dst, n)) < 0) return mv__io_trouble(s->ctx, st, "reading", offset);
        *got = n;
        return MEDVOL_OK;
    }
    here = mv_gzip_tell(s->reader);
    if (offset > here) { /* a stream is never asked for what it has passed */
        if ((st = mv_gzip_skip(s->ctx, s->reader, offset - here, &skipped)) < 0)
            return mv__io_gz_status(s, st);
        if (skipped < offset - here) return MEDVOL_OK;
    }
    return mv__io_gz_status(s, mv_gzip_read(s->ctx, s->reader, dst, n, got));
}
/* The most decoded bytes that can come out of the file. */
static uint64_t mv__io_bound(const mv__io_src *s) { return s->gz ? mv_inflate_bound(s->size) : s->size; }

/* ---- names of a pair ---- */
static char mv__io_lower(char c) { return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c; }
static int mv__io_ends(const char *path, size_t n, const char *end) { /* whatever the case */
    size_t k = mv__io_length(end), i;
    if (n < k) return 0;
    for (i = 0; i < k; i++)
        if (mv__io_lower(path[n - k + i]) != end[i]) return 0;
    return 1;
}
/* Length of a path without .gz; *pair: 1 .hdr, 2 .img, 3 .cfl, 0 none of them. */
static size_t mv__io_stem(const char *path, int *pair, int *gz) {
    size_t n = mv__io_length(path);
    *gz = mv__io_ends(path, n, ".gz");
    if (*gz) n -= 3;
    *pair = mv__io_ends(path, n, ".hdr")   ? 1
            : mv__io_ends(path, n, ".img") ? 2
            : mv__io_ends(path, n, ".cfl") ? 3
                                           : 0;
    return n;
}
/* The other part's name (pair 1: the .hdr, 2: the .img, 3: the .cfl): try 0 and 1 keep the case and change
   whether it is .gz, 2 and 3 change the case. `name` has room for the path and 4 more. */
static void mv__io_sibling(char *name, const char *path, int pair, int turn) {
    int own, gz, upper, i;
    size_t n = mv__io_stem(path, &own, &gz);
    upper = (path[n - 1] <= 'Z') != (turn >= 2); /* a letter, of .hdr or .img */
    mv__memcpy(name, path, n - 3);
    for (i = 0; i < 3; i++) {
        char c = (pair == 1 ? "hdr" : pair == 2 ? "img" : "cfl")[i];
        name[n - 3 + (size_t)i] = upper ? (char)(c - 32) : c;
    }
    if ((turn & 1) ? !gz : gz) {
        mv__memcpy(name + n, gz ? path + n : upper ? ".GZ" : ".gz", 4);
        n += 3;
    }
    name[n] = 0;
}

/* ---- loading ---- */
typedef struct mv__io_load {
    mv_ctx *ctx;
    mv_load_opt opt;
    mv__io_src first, second; /* header and, of a pair, voxels */
    mv__io_src *data;         /* where the voxels are */
    const char *name, *blame; /* path given; file that messages are about */
    const char *voxel_name;
    char *other, *full;       /* path of the other part; of a .cfl that was given without its ending */
    mv__io_hdr h;
    mv_volume box; /* the part to load: its shape, file strides in voxels */
    uint64_t base; /* bytes from the first voxel of the file to the box's */
    int whole;     /* the box is everything */
    int extender;  /* extensions follow the header */
    mv_error kept; /* the last failure before: a part read in vain is none when all ends well */
    mv_volume out;
} mv__io_load;
static mv_status mv__io_begin(mv__io_load *L, mv_ctx *ctx, const char *name, const mv_load_opt *opt) {
    mv__memset(L, 0, sizeof *L);
    L->ctx = ctx;
    L->name = L->blame = L->voxel_name = name;
    L->data = &L->first;
    L->first.ctx = L->second.ctx = ctx;
    if (ctx) {
        ctx->warnings = 0;
        L->kept = ctx->error;
    }
    if (opt) L->opt = *opt;
    if (L->opt.max_surplus == 0) L->opt.max_surplus = (uint64_t)1 << 30;
    if (ctx && ctx->desc.strict) { /* an error is wanted where these would warn */
        L->opt.partial = 0;
        L->opt.verify = 1;
    }
    if (L->opt.crop < 0 || L->opt.crop > 7)
        return mv__fail(ctx, MEDVOL_E_RANGE, "crop", L->opt.crop, -1, "crop = %d: must be 0..7", L->opt.crop);
    if (L->opt.wide < 0 || L->opt.wide > 3)
        return mv__fail(ctx, MEDVOL_E_RANGE, "wide", L->opt.wide, -1,
                        "wide = %d: must be one of MEDVOL_WIDE_*", L->opt.wide);
    return MEDVOL_OK;
}
static void mv__io_done(mv__io_load *L) {
    mv__io_close(&L->first);
    mv__io_close(&L->second);
    mv__free(L->ctx, L->other);
    mv__free(L->ctx, L->full);
    L->other = L->full = NULL;
}
static int mv__io_is_single(const unsigned char *p, size_t n) { /* a file of its own, beyond doubt? */
    int64_t a = n >= 348 ? mv__io_int(p, 'i', 0) : 0, b = n >= 348 ? mv__io_int(p, 'i', 1) : 0;
    if (mv__io_is_npy(p, n)) return 1;
    return ((a == 348 || b == 348) && mv__memcmp(p + 344, "n+1", 4) == 0) ||
           ((a == 540 || b == 540) && mv__memcmp(p + 4, "n+2", 4) == 0);
}
/* Open the other part of the pair into s. */
static mv_status mv__io_open_other(mv__io_load *L, mv__io_src *s, int pair) {
    int own, gz, turn;
    mv_status st = MEDVOL_E_NOTFOUND;
    size_t n = mv__io_stem(L->name, &own, &gz);
    if (!own)
        return mv__fail(L->ctx, MEDVOL_E_FORMAT, "magic", 0, -1,
                        "the header of a pair: its name must end in .hdr (or .hdr.gz), to find the .%s",
                        pair == 3 ? "cfl" : "img");
    if (!(L->other = (char *)mv__alloc(L->ctx, n + 8))) return MEDVOL_E_NOMEM;
    for (turn = 0; turn < 4 && st == MEDVOL_E_NOTFOUND; turn++) {
        mv__io_sibling(L->other, L->name, pair, turn);
        st = mv__io_open(L->ctx, s, L->other);
    }
    if (st == MEDVOL_E_NOTFOUND) {
        mv__io_sibling(L->other, L->name, pair, 0);
        return mv__fail(L->ctx, st, "file", 0, -1, "the other part of the pair, %s, does not exist",
                        L->other);
    }
    if (st == MEDVOL_OK && pair == 1) st = mv__io_rewind(s); /* voxels: once their length is known */
    L->blame = L->other;
    return st;
}
/* The header and four bytes more, up to 544. No further, so that a gzip stream need not be begun again for
   the voxels. */
static mv_status mv__io_read_head(mv__io_src *s, unsigned char *head, size_t *n) {
    size_t more;
    mv_status st = mv__io_read(s, 0, head, 352, n);
    if (st == MEDVOL_OK && *n == 352 &&
        (mv__io_int(head, 'i', 0) == 540 || mv__io_int(head, 'i', 1) == 540)) {
        st = mv__io_read(s, 352, head + 352, 192, &more);
        *n += more;
    }
    /* the header may be whole */
    return st == MEDVOL_E_TRUNCATED && (*n >= 348 || mv__io_is_text(head, *n)) ? MEDVOL_OK : st;
}
/* A header that is text: more of it than the n bytes in head. */
static mv_status mv__io_text_header(mv__io_load *L, const unsigned char *head, size_t n) {
    unsigned char text[MV__IO_TEXT];
    mv__io_src *s = &L->first;
    size_t more;
    mv_status st;
    mv__memcpy(text, head, n);
    st = mv__io_read(s, n, text + n, sizeof text - n, &more);
    if (st < 0 && st != MEDVOL_E_TRUNCATED) return st;
    n += more;
    if (!mv__io_is_npy(text, n)) return mv__io_parse_cfl(L->ctx, &L->h, text, n);
    if ((st = mv__io_parse_npy(L->ctx, &L->h, text, n, mv__io_bound(s))) < 0) return st;
    return s->gz ? mv__io_rewind(s) : MEDVOL_OK; /* the voxels lie in what was read */
}
/* Header, from a file or from memory (first is open); `voxels`: the .img of a pair is wanted too. */
static mv_status mv__io_find_header(mv__io_load *L, int voxels) {
    unsigned char head[544];
    size_t n = 0;
    int own, gz, part;
    mv_status st = mv__io_rewind(&L->first);
    if (st == MEDVOL_OK) st = mv__io_read_head(&L->first, head, &n);
    (void)mv__io_stem(L->name, &own, &gz);
    /* what cannot be read is no bare voxels; nor is it anything else */
    if (st < 0 && (!L->first.gz || L->first.status < 0 || st == MEDVOL_E_NOMEM)) return st;
    /* bare voxels: look for the header */
    if (own >= 2 && L->first.open && !(st == MEDVOL_OK && mv__io_is_single(head, n))) {
        L->second = L->first;
        L->first.open = 0;
        L->first.reader = NULL;
        mv_gzip_close(L->ctx, L->second.reader); /* it points to the struct that moved */
        L->second.reader = NULL;
        L->second.known = 0;
        if ((st = mv__io_open_other(L, &L->first, 1)) < 0) return st;
        if ((st = mv__io_read_head(&L->first, head, &n)) < 0) return st;
    } else if (st != MEDVOL_OK) return st;
    if (mv__io_is_text(head, n)) st = mv__io_text_header(L, head, n);
    else st = mv__io_parse(L->ctx, &L->h, head, n, L->opt.analyze);
    if (st < 0) return st;
    L->extender = L->h.form == MEDVOL_FORM_NIFTI && n >= L->h.size + 4 && head[L->h.size] != 0 &&
                  L->h.n.version != 0;
    part = L->h.form == MEDVOL_FORM_CFL ? 3 : 2;
    if (L->h.n.pair && L->first.open && voxels && !L->second.open) {
        if ((st = mv__io_open_other(L, &L->second, part)) < 0) return st;
        L->blame = L->name;
        L->voxel_name = L->other;
    } else if (L->second.open && L->h.n.pair && own != part)
        return mv__fail(L->ctx, MEDVOL_E_FORMAT, "magic", 0, -1,
                        "a header of %s: its voxels are in a .%s, not in %s",
                        part == 3 ? "BART" : "NIfTI", part == 3 ? "cfl" : "img", L->name);
    if (L->second.open && !L->h.n.pair)
        return mv__fail(L->ctx, MEDVOL_E_FORMAT, "magic", 0, -1,
                        "a header with the magic of a single file beside an .img");
    if (L->h.n.pair) L->data = &L->second;
    return MEDVOL_OK;
}
/* How much of a chain of extensions is well-formed; *rest: what follows is more than zeros. */
static size_t mv__io_chain(const unsigned char *p, size_t n, int swap, int *rest) {
    size_t at = 0, i;
    while (n - at >= 16) {
        int64_t size = mv__io_int(p + at, 'i', swap);
        if (size < 16 || size % 16 != 0 || (uint64_t)size > n - at) break;
        at += (size_t)size;
    }
    for (*rest = 0, i = at; i < n && !*rest; i++) *rest = p[i] != 0;
    return at;
}
/* size and code of each; the chain is sound */
static void mv__io_turn_chain(unsigned char *p, size_t n, int swap) {
    size_t at = 0, size;
    for (; n - at >= 16; at += size) {
        size = (size_t)mv__io_int(p + at, 'i', swap);
        MV__PICK(mv__io_swap4)(p + at, p + at, 2);
    }
}
/* L->out.nifti: the header fields and, right behind, the extensions. */
static mv_status mv__io_extensions(mv__io_load *L) {
    mv_ctx *ctx = L->ctx;
    uint64_t start = L->h.size + 4, room, bound = mv__io_bound(&L->first),
             there = bound > start ? bound - start : 0;
    uint64_t limit =
        ctx && ctx->desc.limits.max_ext_bytes ? ctx->desc.limits.max_ext_bytes : (uint64_t)256 << 20;
    mv_nifti *n = &L->h.n;
    int rest = 0;
    size_t got, used;
    mv_status st;
    if (L->h.form != MEDVOL_FORM_NIFTI) return MEDVOL_OK; /* arrays have none, nor a header to keep */
    if (limit > (uint64_t)PTRDIFF_MAX / 2) limit = (uint64_t)PTRDIFF_MAX / 2;
    if (ctx && ctx->desc.limits.max_bytes && limit > ctx->desc.limits.max_bytes)
        limit = ctx->desc.limits.max_bytes;
    room = !L->extender ? 0 : n->pair || L->h.offset - start > there ? there : L->h.offset - start;
    if (n->pair && L->first.gz && room > limit) room = limit; /* what it may hold, not what it says */
    if (room > limit)
        return mv__fail(ctx, MEDVOL_E_LIMIT, "extensions", (double)room, (int64_t)start,
                        "%llu bytes of extensions: the limit is %llu", (unsigned long long)room,
                        (unsigned long long)limit);
    n->ext_bytes = (size_t)room;
    L->out.nifti = (mv_nifti *)mv__alloc(ctx, sizeof *n + n->ext_bytes);
    if (!L->out.nifti) return MEDVOL_E_NOMEM;
    L->out.owns_nifti = 1;
    *L->out.nifti = *n;
    n = L->out.nifti;
    n->ext = n->ext_bytes ? (unsigned char *)(n + 1) : NULL;
    if (!n->ext) return MEDVOL_OK;
    if ((st = mv__io_read(&L->first, start, n->ext, n->ext_bytes, &got)) < 0) return st;
    used = mv__io_chain(n->ext, got, L->h.swap, &rest);
    if (rest || (got < n->ext_bytes && !n->pair)) {
        int64_t size = got - used >= 4 ? mv__io_int(n->ext + used, 'i', L->h.swap) : 0;
        st = mv__io_warn(ctx, MEDVOL_W_EXTENSION, "esize", (double)size, (int64_t)(start + used),
                         "must be a multiple of 16 that ends before the voxels");
        n->ext_bytes = got; /* as it is: nothing is lost on saving */
    } else {
        n->ext_bytes = used; /* zeros behind it are padding */
        if (L->h.swap) mv__io_turn_chain(n->ext, used, 1);
    }
    if (n->ext_bytes == 0) n->ext = NULL;
    if (st == MEDVOL_OK && n->pair && L->first.gz) { /* give back what the bound was too wide */
        st = mv__vol_copy_nifti(ctx, &L->out, n);
        mv__free(ctx, n);
    }
    return st;
}
/* Slice timing of a box: shifted along with its slices, dropped when they are not all in it. */
static void mv__io_box_slices(mv__io_load *L, const size_t *start) {
    mv_nifti *n = L->out.nifti;
    int axis = n ? n->dim_info >> 4 & 3 : 0;
    uint64_t from, size;
    axis = axis ? axis - 1 : 2;
    if (!n || L->box.dim[axis] == L->h.v.dim[axis]) return;
    if (!n->slice_code && !n->slice_start && !n->slice_end) return;
    from = start[axis];
    size = L->box.dim[axis];
    if (n->slice_start == 0 && n->slice_end == 0) n->slice_end = (int64_t)L->h.v.dim[axis] - 1;
    if (n->slice_start >= 0 && n->slice_end >= n->slice_start && (uint64_t)n->slice_start >= from &&
        (uint64_t)n->slice_end - from < size) {
        n->slice_start -= (int64_t)from;
        n->slice_end -= (int64_t)from;
        return;
    }
    n->slice_code = 0;
    n->slice_start = n->slice_end = 0;
    n->slice_duration = 0.0;
}
/* Shape, affine and file position of the part that is asked for. */
static mv_status mv__io_box(mv__io_load *L) {
    const mv_load_opt *o = &L->opt;
    size_t start[7] = {0}, stride;
    double ijk[3] = {0, 0, 0};
    mv_volume *b = &L->box;
    uint64_t first = 0;
    int d, crop = o->crop;
    *b = L->h.v;
    if (o->volumes != 0) {
        for (; b->ndim < 4; b->ndim++) {}
        for (d = 4; d < 7; d++) { /* one axis of volumes */
            b->dim[3] *= b->dim[d];
            b->dim[d] = 1;
        }
        b->ndim = 4;
        if (crop > 3)
            return mv__fail(L->ctx, MEDVOL_E_RANGE, "crop", crop, -1, "crop = %d: at most 3 with volumes",
                            crop);
        if (o->volume < 0 || o->volumes < 1 || (uint64_t)o->volume >= b->dim[3] ||
            (uint64_t)o->volumes > b->dim[3] - (uint64_t)o->volume)
            return mv__fail(L->ctx, MEDVOL_E_RANGE, "volume", (double)o->volume, -1,
                            "volume %lld, volumes %lld: must lie in 0..%zu", (long long)o->volume,
                            (long long)o->volumes, b->dim[3]);
    }
    if (crop > b->ndim)
        return mv__fail(L->ctx, MEDVOL_E_RANGE, "crop", crop, -1, "crop = %d: the file has %d axes", crop,
                        b->ndim);
    L->whole = 1;
    for (stride = 1, d = 0; d < b->ndim; d++) {
        size_t full = b->dim[d];
        int64_t from = d < crop ? o->start[d] : 0, n = d < crop ? o->size[d] : (int64_t)full;
        if (d == 3 && o->volumes != 0) from = o->volume, n = o->volumes;
        if (from < 0 || n < 1 || (uint64_t)from >= full || (uint64_t)n > full - (uint64_t)from)
            return mv__fail(L->ctx, MEDVOL_E_RANGE, "start", (double)from, -1,
                            "axis %d: start %lld, size %lld: must lie in 0..%zu", d, (long long)from,
                            (long long)n, full);
        start[d] = (size_t)from;
        if (d < 3) ijk[d] = (double)from;
        b->dim[d] = (size_t)n;
        b->stride[d] = (ptrdiff_t)stride;
        first += (uint64_t)stride * start[d];
        L->whole = L->whole && (size_t)n == full;
        stride *= full;
    }
    if (o->volumes == 1) b->ndim = 3;
    L->base = first * mv_dtype_size(b->dtype);
    mv__vol_move_origin(b, ijk);
    mv__io_box_slices(L, start);
    return MEDVOL_OK;
}
static int mv__io_holds_some(const mv__io_src *s, const mv_volume *v) { /* a file in memory: of v's voxels */
    return s->mem && mv__overlap(v->data, mv__vol_extent(v), s->mem, (size_t)s->size);
}
/* Which conversion, into which memory: L->out. */
static mv_status mv__io_target(mv__io_load *L, const mv_volume *dst) {
    mv_dtype file = L->h.v.dtype, want = L->opt.dtype;
    mv_nifti *header = L->out.nifti;
    int owns = (int)L->out.owns_nifti, same;
    mv_status st = MEDVOL_OK;
    if (want == MEDVOL_NONE) want = dst->data && dst->dtype != file ? dst->dtype : file;
    else if (want == file && mv__scaled(L->h.v.slope, L->h.v.inter))
        file = MEDVOL_NONE; /* apply the scaling */
    same = want == file;
    if (file == MEDVOL_NONE) file = want;
    if (L->opt.wide && !same && file == MEDVOL_F128) file = MEDVOL_F64;
    if (L->opt.wide && !same && file == MEDVOL_C256) file = MEDVOL_C128;
    if (!same && !(mv__is_real(want) && mv__is_real(file)) && !(mv__is_complex(want) && mv__is_complex(file)))
        return mv__fail(L->ctx, MEDVOL_E_DTYPE, "dtype", (double)want, -1, "loading %s as %s: not defined%s",
                        mv_dtype_name(L->h.v.dtype), mv_dtype_name(want),
                        file == MEDVOL_F128 || file == MEDVOL_C256 ? " without an encoding (option wide)"
                                                                   : "");
    if (dst->data) {
        if ((st = mv__vol_check(L->ctx, "load", "v", dst)) < 0) return st;
        if (dst->dtype != want || !mv__vol_same_shape(dst, L->box.ndim, L->box.dim))
            return mv__fail(L->ctx, MEDVOL_E_SHAPE, "v", (double)dst->dim[0], -1,
                            "v has memory of another %s than the voxels to load",
                            dst->dtype != want ? "type" : "shape");
        if (mv__io_holds_some(&L->first, dst) || mv__io_holds_some(&L->second, dst))
            return mv__fail(L->ctx, MEDVOL_E_ALIAS, "v", 0, -1, "the memory of v overlaps the file's");
        L->out = *dst;
        L->out.owner = NULL;
        L->out.map_bytes = 0;
    } else {
        st = mv_volume_alloc(L->ctx, &L->out, want, L->box.ndim, L->box.dim);
        if (st < 0) mv__memset(&L->out, 0, sizeof L->out);
    }
    L->out.nifti = header;
    L->out.owns_nifti = (unsigned)owns;
    mv__memcpy(L->out.affine, L->box.affine, sizeof L->out.affine);
    mv__memcpy(L->out.step, L->box.step, sizeof L->out.step);
    L->out.slope = same ? L->h.v.slope : 1.0;
    L->out.inter = same ? L->h.v.inter : 0.0;
    return st;
}

/* ---- voxels: runs of the box that are contiguous in the file and in memory, cut into pieces ---- */
typedef struct mv__io_xfer {
    mv__walk w;     /* a: memory, b: file */
    uint64_t base;  /* decoded byte of the box's first voxel */
    uint64_t limit; /* decoded bytes there are */
    unsigned char *dst;
    size_t esize, dsize, parts; /* bytes of a voxel in file and memory; numbers a voxel */
    mv_dtype st, dt;            /* of a number */
    size_t swap;                /* bytes to turn round, or 0 */
    int raw, wide, nt, partial, cut; /* cut: the end is missing */
    double slope, inter;
    size_t piece, pieces, units; /* voxels a piece, pieces a run, units of work (pieces, or whole runs) */
    size_t first, places, per;           /* a batch: units first.., `per` for each slot */
    mv__io_src *src;
    unsigned char *scratch; /* MV__IO_PIECE bytes a slot */
    mv_status status[64];   /* of each slot */
} mv__io_xfer;
#define MV__IO_PIECE ((size_t)256 << 10) /* stays in L2 between reading and converting */
#define MV__IO_BATCH ((size_t)8 << 20)   /* bytes a slot between two looks at progress */
static void mv__io_plan(mv__io_load *L, mv__io_xfer *x) {
    const mv_volume *v = &L->out;
    mv__memset(x, 0, sizeof *x);
    mv__walk_init(&x->w, v, &L->box);
    x->dst = (unsigned char *)v->data;
    x->src = L->data;
    x->esize = mv_dtype_size(L->h.v.dtype);
    x->dsize = mv_dtype_size(v->dtype);
    x->st = mv__cv_part(L->h.v.dtype);
    x->dt = mv__cv_part(v->dtype);
    x->slope = L->h.v.slope;
    x->inter = L->h.v.inter;
    x->raw = v->dtype == L->h.v.dtype && v->slope == x->slope && v->inter == x->inter;
    x->parts = mv__is_complex(L->h.v.dtype) || L->h.v.dtype == MEDVOL_C256 ? 2 : 1;
    x->wide = x->st == MEDVOL_F128 || x->st == MEDVOL_C256 ? L->opt.wide : 0;
    x->swap = L->h.swap ? mv__io_unit(L->h.v.dtype) : 0;
    if (x->swap == 1) x->swap = 0;
    if (x->swap && x->wide == MEDVOL_WIDE_DOUBLE_DOUBLE) x->swap = 8;
    x->nt = mv__vol_extent(v) > MV__NT_BYTES;
    x->base = L->h.offset + L->base;
    x->limit = L->data->gz ? UINT64_MAX : L->data->size;
    x->partial = L->opt.partial;
    x->piece = MV__IO_PIECE / x->esize;
    x->pieces = mv__divup(x->w.len, x->piece);
    x->units = x->pieces > 1 ? x->pieces * x->w.rows : x->w.rows;
}
/* 16 bytes, native order, to the nearest double */
static double mv__io_wide_one(const unsigned char *p, int encoding) {
    uint64_t lo, hi, frac;
    double d, e;
    int ex, sign;
    mv__memcpy(&lo, p + (MV__BIG_ENDIAN ? 8 : 0), 8);
    mv__memcpy(&hi, p + (MV__BIG_ENDIAN ? 0 : 8), 8);
    if (encoding == MEDVOL_WIDE_DOUBLE_DOUBLE) { /* the larger part comes first in memory */
        mv__memcpy(&d, p, 8);
        mv__memcpy(&e, p + 8, 8);
        return mv__finite(d) ? d + e : d;
    }
    if (encoding == MEDVOL_WIDE_X87) { /* 64-bit significand, sign and exponent in 16, 6 bytes unused */
        sign = (int)(hi >> 15 & 1);
        ex = (int)(hi & 0x7fff);
        if (ex == 0x7fff) d = (lo & 0x7fffffffffffffffu) ? NAN : HUGE_VAL; /* without the leading 1 */
        else d = ldexp((double)(lo >> 11), ex - 16383 - 52) + ldexp((double)(lo & 2047), ex - 16383 - 63);
        return sign ? -d : d;
    }
    sign = (int)(hi >> 63);
    ex = (int)(hi >> 48 & 0x7fff);
    hi &= 0xffffffffffffu;
    if (ex == 0x7fff) d = (hi | lo) != 0 ? NAN : HUGE_VAL;
    else { /* the upper 53 bits, then the lower 60 as 52 and a sticky one: the sum is rounded once */
        frac = (ex ? (uint64_t)1 << 52 : 0) | hi << 4 | lo >> 60;
        lo &= ((uint64_t)1 << 60) - 1;
        if (ex == 0) ex = 1;
        d = ldexp((double)frac, ex - 16383 - 52) +
            ldexp((double)(lo >> 8 | (lo & 255 ? 1 : 0)), ex - 16383 - 104);
    }
    return sign ? -d : d;
}
/* n voxels from anywhere to their place in memory. */
static void mv__io_put(const mv__io_xfer *x, unsigned char *dst, const unsigned char *src, size_t n) {
    double block[512]; /* 4 KiB: whatever must be turned, aligned or decoded before it is converted */
    unsigned char *b = (unsigned char *)block;
    size_t size = x->esize / x->parts, per = sizeof block / size, i, k;
    mv_dtype st = x->wide ? MEDVOL_F64 : x->st;
    if (x->raw) {
        if (x->swap) mv__io_swap(dst, src, n * x->esize / x->swap, x->swap);
        else mv__memcpy(dst, src, n * x->esize);
        return;
    }
    n *= x->parts;
    if (!x->swap && !x->wide && (uintptr_t)src % size == 0) {
        mv__cv_run(dst, x->dt, src, st, n, x->slope, x->inter, x->nt);
        return;
    }
    for (; n > 0; n -= k) {
        k = mv__minz(n, per);
        if (x->swap) mv__io_swap(b, src, k * size / x->swap, x->swap);
        else mv__memcpy(b, src, k * size);
        for (i = 0; x->wide && i < k; i++) block[i] = mv__io_wide_one(b + 16 * i, x->wide);
        mv__cv_run(dst, x->dt, block, st, k, x->slope, x->inter, x->nt);
        src += k * size;
        dst += k * mv_dtype_size(x->dt);
    }
}
/* One run of the box: where it begins, in elements; the counters behind it, so that the next run costs no
   division. */
typedef struct mv__io_row {
    size_t oa, ob, k[7];
} mv__io_row;
static void mv__io_row_seek(const mv__io_xfer *x, mv__io_row *r, size_t row) {
    int d;
    r->oa = r->ob = 0;
    for (d = 0; d < x->w.nd; d++) {
        r->k[d] = row % x->w.dim[d];
        row /= x->w.dim[d];
        r->oa += r->k[d] * (size_t)x->w.sa[d];
        r->ob += r->k[d] * (size_t)x->w.sb[d];
    }
}
static void mv__io_row_step(const mv__io_xfer *x, mv__io_row *r) {
    int d;
    for (d = 0; d < x->w.nd; d++) {
        r->oa += (size_t)x->w.sa[d];
        r->ob += (size_t)x->w.sb[d];
        if (++r->k[d] < x->w.dim[d]) return;
        r->oa -= x->w.dim[d] * (size_t)x->w.sa[d];
        r->ob -= x->w.dim[d] * (size_t)x->w.sb[d];
        r->k[d] = 0;
    }
}
static uint64_t mv__io_from(const mv__io_xfer *x, const mv__io_row *r) {
    return x->base + (uint64_t)r->ob * x->esize;
}
/* how many of n voxels lie before the limit */
static size_t mv__io_within(const mv__io_xfer *x, uint64_t from, size_t n) {
    return from >= x->limit ? 0 : x->limit - from < n * x->esize ? (size_t)(x->limit - from) / x->esize : n;
}
/* Decoded bytes, into `to` or, from plain memory, where they are. A gzip stream that ends early lowers the
   limit. */
static mv_status mv__io_fetch(mv__io_xfer *x, uint64_t from, size_t n, unsigned char *to,
                              const unsigned char **p) {
    mv__io_src *s = x->src;
    size_t got = n;
    mv_status st = MEDVOL_OK;
    *p = to;
    if (s->gz) st = mv__io_read(s, from, to, n, &got);
    else if (s->mem) *p = s->mem + (size_t)from;
    else st = mv__io_get(s, from, to, n);
    if (s->gz && got < n && (st == MEDVOL_OK || st == MEDVOL_E_TRUNCATED)) {
        x->limit = from + got / x->esize * x->esize;
        st = MEDVOL_E_TRUNCATED;
    }
    return st;
}
/* Rows from..end - 1 of a piece or less each. What lies near each other is read together. */
static mv_status mv__io_run_rows(mv__io_xfer *x, size_t from, size_t end, unsigned char *scratch) {
    size_t i = from, last, n, len = x->w.len * x->esize;
    const unsigned char *p;
    mv__io_row r, next;
    mv_status st = MEDVOL_OK;
    mv__io_row_seek(x, &r, from);
    while (i < end && st == MEDVOL_OK) {
        uint64_t start = mv__io_from(x, &r), stop = start + mv__io_within(x, start, x->w.len) * x->esize, at;
        unsigned char *to = x->dst + r.oa * x->dsize;
        if (stop == start) break; /* nothing further lies within the limit */
        /* straight into place */
        if (x->raw && !x->partial && len >= MV__IO_PIECE / 8 && !(x->src->mem && !x->src->gz)) {
            if ((st = mv__io_fetch(x, start, len, to, &p)) == MEDVOL_OK && x->swap)
                mv__io_swap(to, to, len / x->swap, x->swap);
            mv__io_row_step(x, &r);
            i++;
            continue;
        }
        for (next = r, last = i + 1; last < end; last++) {
            mv__io_row_step(x, &next);
            at = mv__io_from(x, &next);
            n = mv__io_within(x, at, x->w.len) * x->esize;
            if (n == 0 || at - stop > 4096 || at + n - start > MV__IO_PIECE) break;
            stop = at + n;
        }
        st = mv__io_fetch(x, start, (size_t)(stop - start), scratch, &p);
        if (st < 0 && !(st == MEDVOL_E_TRUNCATED && x->partial)) break;
        for (; i < last; i++, mv__io_row_step(x, &r)) {
            at = mv__io_from(x, &r);
            mv__io_put(x, x->dst + r.oa * x->dsize, p + (at - start), mv__io_within(x, at, x->w.len));
        }
    }
    return st;
}
/* Pieces from..end - 1 of long runs. */
static mv_status mv__io_run_pieces(mv__io_xfer *x, size_t from, size_t end, unsigned char *scratch) {
    const unsigned char *p;
    mv_status st = MEDVOL_OK;
    while (from < end && st == MEDVOL_OK) {
        size_t piece = from % x->pieces, at = piece * x->piece, pieces = 1, n;
        int direct = x->raw && !x->partial && !(x->src->mem && !x->src->gz);
        mv__io_row r;
        uint64_t start;
        unsigned char *to;
        /* nothing to do on the way: one read */
        if (direct && !x->swap) pieces = mv__minz(end - from, x->pieces - piece);
        mv__io_row_seek(x, &r, from / x->pieces);
        start = mv__io_from(x, &r) + (uint64_t)at * x->esize;
        to = x->dst + (r.oa + at) * x->dsize;
        n = mv__io_within(x, start, mv__minz(pieces * x->piece, x->w.len - at));
        if (n == 0) break;
        st = mv__io_fetch(x, start, n * x->esize, direct ? to : scratch, &p);
        if (st < 0 && !(st == MEDVOL_E_TRUNCATED && x->partial)) break;
        if (!direct) mv__io_put(x, to, p, mv__io_within(x, start, n));
        else if (x->swap) mv__io_swap(to, to, n * x->esize / x->swap, x->swap);
        from += pieces;
    }
    return st;
}
static mv_status mv__io_run(mv__io_xfer *x, size_t from, size_t end, unsigned char *scratch) {
    return x->pieces > 1 ? mv__io_run_pieces(x, from, end, scratch) : mv__io_run_rows(x, from, end, scratch);
}
static void mv__io_slot(void *arg, size_t slot) {
    mv__io_xfer *x = (mv__io_xfer *)arg;
    size_t from = x->first + slot * x->per;
    x->status[slot] = from < x->units ? mv__io_run(x, from, mv__minz(x->units, from + x->per),
                                                   x->scratch + slot * MV__IO_PIECE)
                                      : MEDVOL_OK;
}
static mv_status mv__io_short(mv__io_load *L, uint64_t there) {
    uint64_t want = L->h.bytes, have = there > L->h.offset ? there - L->h.offset : 0;
    return mv__fail(L->ctx, MEDVOL_E_TRUNCATED, "voxels", (double)have, (int64_t)there,
                    "voxels: %llu of %llu bytes", (unsigned long long)have, (unsigned long long)want);
}
/* All units, in batches, in parallel where the source allows it. */
static mv_status mv__io_pump(mv__io_load *L, mv__io_xfer *x) {
    mv__io_src *s = x->src;
    size_t u, i, unit = (x->pieces > 1 ? x->piece : x->w.len) * x->esize;
    int parallel = mv_threads(L->ctx) > 1 && !s->gz && !x->partial && (s->mem || s->io == mv_io_default()) &&
                   x->w.len * x->w.rows * x->esize >= ((size_t)1 << 20);
    mv_status st = MEDVOL_OK;
    x->places = parallel ? mv__minz(64, 2 * (size_t)mv_threads(L->ctx)) : 1;
    x->per = mv__maxz(1, MV__IO_BATCH / unit);
    if (parallel) x->per = mv__maxz(1, mv__minz(x->per, mv__divup(x->units, x->places)));
    x->scratch = (unsigned char *)mv__alloc(L->ctx, x->places * MV__IO_PIECE);
    if (!x->scratch) return MEDVOL_E_NOMEM;
    for (u = 0; u < x->units && st == MEDVOL_OK; u += x->places * x->per) {
        if (mv__progress(L->ctx, u, x->units, "load")) {
            st = mv__cancelled(L->ctx, "load");
            break;
        }
        x->first = u;
        x->status[0] = MEDVOL_OK;
        if (x->places == 1) mv__io_slot(x, 0);
        else st = mv_parallel_for(L->ctx, x->places, mv__io_slot, x, NULL);
        for (i = 0; i < x->places && st == MEDVOL_OK; i++) st = x->status[i];
        if (st < 0 && !s->gz) st = mv__io_trouble(L->ctx, st, "reading the voxels", x->base);
    }
    mv__free(L->ctx, x->scratch);
    if (st == MEDVOL_E_TRUNCATED && s->gz && x->partial) {
        x->cut = 1;
        if (L->ctx) L->ctx->warnings |= MEDVOL_W_PARTIAL;
        return MEDVOL_OK;
    }
    if (st == MEDVOL_E_TRUNCATED && s->gz) return mv__io_short(L, x->limit);
    return st;
}

/* ---- block gzip: members are read in batches and decoded by the context's threads ---- */
typedef struct mv__io_blocks {
    mv__io_xfer *x;
    const mv_gzip_member *member;
    const unsigned char **src; /* of each member of the batch */
    const mv_gzip_member **batch;
    size_t count, places, room; /* bytes of a decoded member */
    unsigned char *scratch;    /* a decoder and a member for each slot */
    mv_status status[64];
} mv__io_blocks;
/* First run of the box that ends behind byte `at`; w.rows when there is none. */
static size_t mv__io_find_row(const mv__io_xfer *x, uint64_t at) {
    size_t lo = 0, hi = x->w.rows, oa, ob;
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        mv__walk_row(&x->w, mid, &oa, &ob);
        if (x->base + (uint64_t)(ob + x->w.len) * x->esize > at) hi = mid;
        else lo = mid + 1;
    }
    return lo;
}
static int mv__io_touches(const mv__io_xfer *x, uint64_t a, uint64_t b) {
    size_t oa, ob, row = mv__io_find_row(x, a);
    if (row == x->w.rows) return 0;
    mv__walk_row(&x->w, row, &oa, &ob);
    return x->base + (uint64_t)ob * x->esize < b;
}
/* Decoded bytes a..b - 1 to where they belong. */
static void mv__io_deliver(const mv__io_xfer *x, uint64_t a, uint64_t b, const unsigned char *p) {
    size_t row = mv__io_find_row(x, a);
    mv__io_row r;
    for (mv__io_row_seek(x, &r, row); row < x->w.rows; row++, mv__io_row_step(x, &r)) {
        uint64_t start = mv__io_from(x, &r), from = start > a ? start : a, to = start + x->w.len * x->esize;
        if (start >= b) break;
        if (to > b) to = b;
        if (x->raw && !x->swap) /* voxels may lie across two members */
            mv__memcpy(x->dst + r.oa * x->dsize + (size_t)(from - start), p + (size_t)(from - a),
                       (size_t)(to - from));
        else
            mv__io_put(x, x->dst + (r.oa + (size_t)(from - start) / x->esize) * x->dsize,
                       p + (size_t)(from - a), (size_t)(to - from) / x->esize);
    }
}
static void mv__io_block_slot(void *arg, size_t slot) {
    mv__io_blocks *g = (mv__io_blocks *)arg;
    const mv__io_xfer *x = g->x;
    size_t decoder = (mv_gzip_scratch_size() + 63) / 64 * 64, i, row, oa, ob;
    unsigned char *scratch = g->scratch + slot * (decoder + g->room), *to;
    mv_status st = MEDVOL_OK;
    for (i = slot; i < g->count && st == MEDVOL_OK; i += g->places) {
        const mv_gzip_member *m = g->batch[i];
        uint64_t a = m->dst, b = a + m->dst_n, start;
        int direct = 0;
        to = scratch + decoder;
        /* a member within one run goes straight into place */
        if (x->raw && (row = mv__io_find_row(x, a)) < x->w.rows) {
            mv__walk_row(&x->w, row, &oa, &ob);
            start = x->base + (uint64_t)ob * x->esize;
            direct = start <= a && b <= start + x->w.len * x->esize;
            if (direct) to = x->dst + oa * x->dsize + (size_t)(a - start);
        }
        st = mv_gzip_member_unpack(NULL, to, m->dst_n, g->src[i], m->src_n, scratch);
        if (st < 0) break;
        if (!direct) mv__io_deliver(x, a, b, to);
        else if (x->swap) mv__io_swap(to, to, m->dst_n / x->swap, x->swap);
    }
    g->status[slot] = st;
}
enum { MV__IO_MEMBERS = 512 }; /* a batch at most */
static mv_status mv__io_block_batch(mv__io_load *L, mv__io_blocks *g, unsigned char *packed) {
    size_t i, at = 0;
    mv_status st = MEDVOL_OK;
    for (i = 0; i < g->count; i++) {
        g->src[i] = L->data->mem ? L->data->mem + (size_t)g->batch[i]->src : packed + at;
        if (L->data->mem) continue;
        st = mv__io_get(L->data, g->batch[i]->src, packed + at, g->batch[i]->src_n);
        if (st < 0) return mv__io_trouble(L->ctx, st, "reading the voxels", g->batch[i]->src);
        at += g->batch[i]->src_n;
    }
    for (i = 0; i < g->places; i++) g->status[i] = MEDVOL_OK;
    if (g->places == 1) mv__io_block_slot(g, 0);
    else st = mv_parallel_for(L->ctx, g->places, mv__io_block_slot, g, NULL);
    for (i = 0; i < g->places && st == MEDVOL_OK; i++) st = g->status[i];
    return st;
}
static mv_status mv__io_block_run(mv__io_load *L, mv__io_blocks *g, const mv_gzip_index *index,
                                  const unsigned char *need, unsigned char *packed, size_t packed_size) {
    size_t i, bytes = 0;
    mv_status st = MEDVOL_OK;
    for (i = g->count = 0; i <= index->count && st == MEDVOL_OK; i++) {
        const mv_gzip_member *m = i < index->count ? index->member + i : NULL;
        if (m && !(need[i / 8] >> (i % 8) & 1)) continue;
        if (g->count > 0 && (!m || g->count == MV__IO_MEMBERS || bytes + m->src_n > packed_size)) {
            if (mv__progress(L->ctx, i, index->count, "load")) return mv__cancelled(L->ctx, "load");
            st = mv__io_block_batch(L, g, packed);
            g->count = bytes = 0;
        }
        if (m) {
            g->batch[g->count++] = m;
            bytes += m->src_n;
        }
    }
    return st;
}
/* Load through the member index. *done stays 0 when the file is better read as one stream. */
static mv_status mv__io_blocks_load(mv__io_load *L, mv__io_xfer *x, const mv_gzip_index *index, int every,
                                    int *done) {
    mv__io_blocks g;
    size_t i, packed_size = 0, slot = (mv_gzip_scratch_size() + 63) / 64 * 64, total,
              lists = 2 * MV__IO_MEMBERS * sizeof(void *);
    uint64_t end = L->h.offset + L->h.bytes;
    unsigned char *block;
    mv_status st;
    mv__memset(&g, 0, sizeof g);
    for (i = 0; i < index->count; i++) {
        const mv_gzip_member *m = index->member + i;
        if (m->dst_n > ((size_t)64 << 20)) return MEDVOL_OK;
        if (!(x->raw && !x->swap) && m->dst > L->h.offset && m->dst < end &&
            (m->dst - L->h.offset) % x->esize)
            return MEDVOL_OK;
        g.room = mv__maxz(g.room, m->dst_n);
        packed_size = mv__maxz(packed_size, m->src_n);
    }
    if (index->dst_n < end) return MEDVOL_OK; /* the stream reader says how much is missing */
    /* a part lies where the sizes of members before it say, and those are not decoded: they must add up */
    if (!every && index->dst_n != end) return MEDVOL_OK;
    *done = 1;
    if (index->dst_n - end > L->opt.max_surplus && every)
        return mv__fail(L->ctx, MEDVOL_E_LIMIT, "max_surplus", (double)(index->dst_n - end), -1,
                        "%llu bytes behind the voxels: max_surplus is %llu",
                        (unsigned long long)(index->dst_n - end), (unsigned long long)L->opt.max_surplus);
    g.room = (g.room + 63) / 64 * 64;
    g.places = mv_threads(L->ctx) > 1 ? mv__minz(64, (size_t)mv_threads(L->ctx)) : 1;
    while (g.places > 1 && g.places - 1 >= index->dst_n / g.room + 1) g.places--; /* room for what there is */
    if (L->data->mem) packed_size = 0;
    else if (L->data->size < (8u << 20)) packed_size = mv__maxz(packed_size, (size_t)L->data->size);
    else packed_size = mv__maxz(packed_size, (size_t)8 << 20);
    if (!mv__mul(g.places, slot + g.room, &total) || !mv__add(total, packed_size, &total) ||
        !mv__add(total, lists + index->count / 8 + 1, &total)) {
        *done = 0; /* members beyond a small address space: the stream needs less */
        return MEDVOL_OK;
    }
    block = (unsigned char *)mv__alloc(L->ctx, total);
    if (!block) return MEDVOL_E_NOMEM;
    g.x = x;
    g.scratch = block;
    g.src = (const unsigned char **)(void *)(block + g.places * (slot + g.room));
    g.batch = (const mv_gzip_member **)(void *)(g.src + MV__IO_MEMBERS);
    {
        unsigned char *need = (unsigned char *)(void *)(g.batch + MV__IO_MEMBERS),
                      *packed = need + index->count / 8 + 1;
        mv__memset(need, 0, index->count / 8 + 1);
        for (i = 0; i < index->count; i++) {
            const mv_gzip_member *m = index->member + i;
            if (every || m->dst < L->h.offset || mv__io_touches(x, m->dst, m->dst + m->dst_n))
                need[i / 8] = (unsigned char)(need[i / 8] | 1 << i % 8);
        }
        st = mv__io_block_run(L, &g, index, need, packed, L->data->mem ? SIZE_MAX : packed_size);
    }
    mv__free(L->ctx, block);
    return st;
}
/* What follows the last member: zeros are padding, anything else is worth a word. */
static mv_status mv__io_tail(mv__io_load *L, uint64_t from) {
    unsigned char b[4096];
    uint64_t at = from, size = L->data->size;
    size_t n, i;
    mv_status st;
    for (; at < size; at += n) {
        n = size - at < sizeof b ? (size_t)(size - at) : sizeof b;
        if ((st = mv__io_get(L->data, at, b, n)) < 0) return mv__io_trouble(L->ctx, st, "reading", at);
        for (i = 0; i < n && b[i] == 0; i++) {}
        if (i < n)
            return mv__io_warn(L->ctx, MEDVOL_W_TRAILING, "gzip", (double)(size - from), (int64_t)from,
                               "bytes behind the last member");
    }
    return MEDVOL_OK;
}
static mv_status mv__io_voxels_gz(mv__io_load *L, mv__io_xfer *x) {
    int every = L->whole || L->opt.verify, done = 0;
    uint64_t here, surplus, end = L->h.offset + L->h.bytes;
    mv_gzip_index index;
    mv_gzip_info info;
    mv_status st;
    if (!x->partial) {
        st = L->data->mem ? mv_gzip_index_mem(L->ctx, &index, L->data->mem, (size_t)L->data->size)
                          : mv_gzip_index_scan(L->ctx, &index, mv__io_pread, L->data, L->data->size);
        if (st < 0) return mv__io_gz_status(L->data, st);
        if (index.count > 0) st = mv__io_blocks_load(L, x, &index, every, &done);
        if (st == MEDVOL_OK && done && every) st = mv__io_tail(L, index.src_n);
        mv_gzip_index_free(L->ctx, &index);
        if (st < 0 && st != MEDVOL_E_CORRUPT && st != MEDVOL_E_FORMAT && st != MEDVOL_E_TRUNCATED &&
            st != MEDVOL_E_SPACE && st != MEDVOL_E_UNSUPPORTED)
            return st;
        if (st == MEDVOL_OK && done) return st;
    }
    /* a member that is not what its size field says: as one stream, which has the words for what is wrong */
    if ((st = mv__io_pump(L, x)) < 0) return st;
    if (!every) {
        if (L->ctx) L->ctx->warnings |= MEDVOL_W_UNVERIFIED;
        return MEDVOL_OK;
    }
    if (x->partial && x->cut) return MEDVOL_OK;
    /* voxels behind the box are no surplus */
    here = mv_gzip_tell(L->data->reader);
    surplus = L->opt.max_surplus;
    if (end > here) surplus = surplus > UINT64_MAX - (end - here) ? UINT64_MAX : surplus + (end - here);
    st = mv_gzip_finish(L->ctx, L->data->reader, surplus, &info);
    if (st == MEDVOL_E_TRUNCATED && x->partial) { /* every voxel is there, the checksum is not */
        if (L->ctx) L->ctx->warnings |= MEDVOL_W_UNVERIFIED;
        return MEDVOL_OK;
    }
    if (st < 0) return mv__io_gz_status(L->data, st);
    return info.tail_garbage ? mv__io_warn(L->ctx, MEDVOL_W_TRAILING, "gzip", (double)info.tail_n,
                                           (int64_t)info.src_n, "bytes behind the last member")
                             : MEDVOL_OK;
}
/* Before reading what may not be there: every voxel gets the fill value. */
static void mv__io_fill(const mv__io_load *L, const mv__io_xfer *x) {
    const mv_volume *v = &L->out;
    unsigned char e[32] = {0};
    double value =
        x->raw && mv__scaled(v->slope, v->inter) ? (L->opt.fill - v->inter) / v->slope : L->opt.fill;
    size_t row, i, oa, ob, size = x->dsize;
    if (mv__is_real(x->dt)) mv__cv_run(e, x->dt, &value, MEDVOL_F64, 1, 1.0, 0.0, 0);
    else if (x->dt == MEDVOL_RGB24 || x->dt == MEDVOL_RGBA32)
        for (i = 0; i < size; i++) mv__cv_run(e + i, MEDVOL_U8, &value, MEDVOL_F64, 1, 1.0, 0.0, 0);
    for (row = 0; row < x->w.rows; row++) {
        mv__walk_row(&x->w, row, &oa, &ob);
        for (i = 0; i < x->w.len; i++) mv__memcpy(x->dst + (oa + i) * size, e, size);
    }
}
/* Are the voxels there, as far as the file's length tells? Nothing is allocated on the header's word
   alone. */
static mv_status mv__io_available(mv__io_load *L, int *shortened) {
    uint64_t end = L->h.offset + L->h.bytes, bound = mv__io_bound(L->data);
    *shortened = bound < end;
    if (L->h.form == MEDVOL_FORM_CFL && !L->data->gz && bound > end)
        return mv__fail(L->ctx, MEDVOL_E_FORMAT, "voxels", (double)bound, (int64_t)end,
                        "%llu bytes where the sizes give %llu: not the .cfl of this .hdr",
                        (unsigned long long)bound, (unsigned long long)end);
    if (!*shortened) return MEDVOL_OK;
    if (L->opt.partial) {
        if (L->ctx) L->ctx->warnings |= MEDVOL_W_PARTIAL;
        return MEDVOL_OK;
    }
    if (L->data->gz)
        return mv__fail(L->ctx, MEDVOL_E_TRUNCATED, "voxels", (double)L->data->size, (int64_t)L->data->size,
                        "voxels: %llu bytes cannot come out of %llu bytes of gzip", (unsigned long long)end,
                        (unsigned long long)L->data->size);
    return mv__io_short(L, bound);
}
static mv_status mv__io_open_voxels(mv__io_load *L) {
    L->blame = L->voxel_name;
    if (L->data->known) return MEDVOL_OK;
    if (!L->second.open && !L->second.mem)
        return mv__fail(L->ctx, MEDVOL_E_NULL, "img", 0, -1,
                        "the header of a pair: give the voxels in opt.img");
    L->second.plain = L->h.offset + L->h.bytes;
    return mv__io_rewind(&L->second);
}
/* A header file of its own: to the end of its gzip stream, where the checksum stands. */
static mv_status mv__io_verify_header(mv__io_load *L) {
    mv__io_src *s = &L->first;
    mv_gzip_info info;
    mv_status st;
    if (!L->h.n.pair || !s->gz) return MEDVOL_OK;
    st = mv_gzip_finish(L->ctx, s->reader, L->opt.max_surplus, &info);
    if (st < 0) return mv__io_gz_status(s, st);
    return info.tail_garbage ? mv__io_warn(L->ctx, MEDVOL_W_TRAILING, "gzip", (double)info.tail_n,
                                           (int64_t)info.src_n, "bytes behind the last member")
                             : MEDVOL_OK;
}
static mv_status mv__io_load_run(mv__io_load *L, const mv_volume *dst) {
    mv__io_xfer x;
    int shortened;
    mv_status st = mv__io_find_header(L, 1);
    if (st == MEDVOL_OK) st = mv__io_extensions(L);
    if (st == MEDVOL_OK) st = mv__io_verify_header(L);
    if (st == MEDVOL_OK) st = mv__io_open_voxels(L);
    if (st == MEDVOL_OK) st = mv__io_available(L, &shortened);
    if (st == MEDVOL_OK) st = mv__io_box(L);
    if (st == MEDVOL_OK) st = mv__io_target(L, dst);
    if (st != MEDVOL_OK) return st;
    mv__io_plan(L, &x);
    x.cut = shortened;
    mv__trace(L->ctx, 1, "load", (size_t)L->h.bytes);
    if (x.partial && (shortened || L->data->gz)) mv__io_fill(L, &x);
    st = L->data->gz ? mv__io_voxels_gz(L, &x) : mv__io_pump(L, &x);
    mv__trace(L->ctx, 0, "load", (size_t)L->h.bytes);
    return st;
}
/* The file of that name; when there is none and the name has no ending of ours: NAME.cfl. */
static mv_status mv__io_open_named(mv__io_load *L) {
    static const char *const ours[] = {".nii", ".hdr", ".img", ".cfl", ".npy", ".gz"};
    const char *path = L->name;
    size_t n = mv__io_length(path), i;
    mv_status st = mv__io_open(L->ctx, &L->first, path);
    if (st != MEDVOL_E_NOTFOUND || n == 0) return st;
    for (i = 0; i < sizeof ours / sizeof *ours; i++)
        if (mv__io_ends(path, n, ours[i])) return st;
    if (!(L->full = (char *)mv__alloc(L->ctx, n + 5))) return MEDVOL_E_NOMEM;
    mv__memcpy(L->full, path, n);
    mv__memcpy(L->full + n, ".cfl", 5);
    st = mv__io_open(L->ctx, &L->first, L->full);
    if (st == MEDVOL_E_NOTFOUND) return st;
    L->name = L->blame = L->voxel_name = L->full;
    return st;
}
static mv_status mv__io_load_end(mv__io_load *L, mv_status st, mv_volume *v) {
    st = mv__fail_in(L->ctx, st, L->blame);
    if (st == MEDVOL_OK && L->ctx) L->ctx->error = L->kept;
    mv__io_done(L);
    return mv__out_end(L->ctx, st, &L->out, v);
}
MEDVOL_DEF mv_status mv_load(mv_ctx *ctx, mv_volume *v, const char *path, const mv_load_opt *opt) {
    mv__io_load L;
    mv_status st;
    if (!v || !path) return mv__fail_null(ctx, "load", v ? "path" : "v");
    st = mv__io_begin(&L, ctx, path, opt);
    if (st == MEDVOL_OK) st = mv__io_open_named(&L);
    if (st == MEDVOL_OK) st = mv__io_load_run(&L, v);
    return mv__io_load_end(&L, st, v);
}
static mv_status mv__io_begin_mem(mv__io_load *L, mv_ctx *ctx, const void *data, size_t bytes,
                                  const mv_load_opt *opt) {
    mv_status st = mv__io_begin(L, ctx, "memory", opt);
    L->first.mem = (const unsigned char *)data;
    L->first.size = bytes;
    L->second.mem = (const unsigned char *)L->opt.img;
    L->second.size = L->opt.img_bytes;
    return st;
}
MEDVOL_DEF mv_status mv_load_mem(mv_ctx *ctx, mv_volume *v, const void *data, size_t bytes,
                                 const mv_load_opt *opt) {
    mv__io_load L;
    mv_status st;
    if (!v || !data) return mv__fail_null(ctx, "load_mem", v ? "data" : "v");
    st = mv__io_begin_mem(&L, ctx, data, bytes, opt);
    if (st == MEDVOL_OK) st = mv__io_load_run(&L, v);
    return mv__io_load_end(&L, st, v);
}
static mv_status mv__io_header_run(mv__io_load *L) {
    mv_status st = mv__io_find_header(L, 0);
    if (st == MEDVOL_OK) st = mv__io_extensions(L);
    if (st == MEDVOL_OK) {
        mv_nifti *n = L->out.nifti;
        L->out = L->h.v;
        L->out.nifti = n;
        L->out.owns_nifti = n != NULL;
    }
    return st;
}
static const mv_load_opt *mv__io_analyze(mv_load_opt *own, const mv_load_opt *opt) { /* nothing else counts */
    mv__memset(own, 0, sizeof *own);
    if (opt) own->analyze = opt->analyze;
    return own;
}
MEDVOL_DEF mv_status mv_load_header(mv_ctx *ctx, mv_volume *v, const char *path, const mv_load_opt *opt) {
    mv__io_load L;
    mv_load_opt own;
    mv_status st;
    if (!v || !path) return mv__fail_null(ctx, "load_header", v ? "path" : "v");
    st = mv__io_begin(&L, ctx, path, mv__io_analyze(&own, opt));
    if (st == MEDVOL_OK) st = mv__io_open_named(&L);
    if (st == MEDVOL_OK) st = mv__io_header_run(&L);
    return mv__io_load_end(&L, st, v);
}
MEDVOL_DEF mv_status mv_load_header_mem(mv_ctx *ctx, mv_volume *v, const void *data, size_t bytes,
                                        const mv_load_opt *opt) {
    mv__io_load L;
    mv_load_opt own;
    mv_status st;
    if (!v || !data) return mv__fail_null(ctx, "load_header_mem", v ? "data" : "v");
    st = mv__io_begin_mem(&L, ctx, data, bytes, mv__io_analyze(&own, opt));
    if (st == MEDVOL_OK) st = mv__io_header_run(&L);
    return mv__io_load_end(&L, st, v);
}
static mv_status mv__io_map_run(mv__io_load *L) {
    mv_status st = mv__io_find_header(L, 1);
    mv_nifti *n;
    const mv_io *io = L->data->io;
    size_t unit = mv__io_unit(L->h.v.dtype);
    void *address = NULL;
    int shortened;
    if (st == MEDVOL_OK) st = mv__io_extensions(L);
    if (st == MEDVOL_OK) st = mv__io_verify_header(L);
    if (st == MEDVOL_OK) st = mv__io_open_voxels(L);
    if (st < 0) return st;
    if (L->data->gz || (L->h.swap && unit > 1) || L->h.offset % unit != 0 || !io->map || !io->unmap)
        return mv__fail(L->ctx, MEDVOL_E_UNSUPPORTED, "map", 0, -1, "cannot be mapped (%s): load it",
                        L->data->gz         ? "gzip"
                        : !io->map || !io->unmap ? "no maps here"
                        : L->h.offset % unit ? "unaligned voxels"
                                             : "foreign byte order");
    if (L->opt.dtype != MEDVOL_NONE && L->opt.dtype != L->h.v.dtype)
        return mv__fail(L->ctx, MEDVOL_E_UNSUPPORTED, "dtype", (double)L->opt.dtype, -1,
                        "a map gives %s, not %s: load it", mv_dtype_name(L->h.v.dtype),
                        mv_dtype_name(L->opt.dtype));
    L->opt.partial = 0; /* a map cannot be filled up */
    if ((st = mv__io_available(L, &shortened)) < 0 || (st = mv__io_box(L)) < 0) return st;
    st = mv__io_status(io->size(io->user, L->data->file, &L->data->size)); /* it may have changed by now */
    if (st == MEDVOL_OK && L->data->size < L->h.offset + L->h.bytes) return mv__io_short(L, L->data->size);
    if (st == MEDVOL_OK) st = mv__io_status(io->map(io->user, L->data->file, L->data->size, &address));
    if (st == MEDVOL_OK && !address) st = MEDVOL_E_IO;
    if (st < 0) return mv__io_trouble(L->ctx, st, "mapping", 0);
    n = L->out.nifti;
    L->out = L->box;
    L->out.nifti = n;
    L->out.owns_nifti = n != NULL;
    L->out.slope = L->h.v.slope;
    L->out.inter = L->h.v.inter;
    L->out.owner = address;
    L->out.map_bytes = L->data->size;
    L->out.data = (unsigned char *)address + (size_t)(L->h.offset + L->base);
    return MEDVOL_OK;
}
MEDVOL_DEF mv_status mv_map(mv_ctx *ctx, mv_volume *v, const char *path, const mv_load_opt *opt) {
    mv__io_load L;
    mv_status st;
    if (!v || !path) return mv__fail_null(ctx, "map", v ? "path" : "v");
    st = mv__io_begin(&L, ctx, path, opt);
    if (st == MEDVOL_OK) st = mv__io_open_named(&L);
    if (st == MEDVOL_OK) st = mv__io_map_run(&L);
    return mv__io_load_end(&L, st, v);
}

/* ---- extensions ---- */
MEDVOL_DEF int mv_nifti_ext_next(const mv_nifti *h, size_t *at, int *code, const void **data, size_t *bytes) {
    int64_t size;
    if (!h || !at || !h->ext || *at > h->ext_bytes || h->ext_bytes - *at < 16) return 0;
    size = mv__io_int(h->ext + *at, 'i', 0);
    if (size < 16 || size % 16 != 0 || (uint64_t)size > h->ext_bytes - *at) return 0;
    if (code) *code = (int)mv__io_int(h->ext + *at + 4, 'i', 0);
    if (data) *data = h->ext + *at + 8;
    if (bytes) *bytes = (size_t)size - 8;
    *at += (size_t)size;
    return 1;
}
static void mv__io_new_header(mv_nifti *n, const mv_volume *v) { /* of a volume that came from no file */
    int i;
    mv__memset(n, 0, sizeof *n);
    n->version = 1;
    n->regular = 'r';
    n->xyzt_units = v->ndim > 3 ? 10 : 2; /* mm, s */
    for (i = 0; i < 8; i++) n->pixdim[i] = 1.0;
    n->affine[0] = NAN; /* equals no affine */
}
MEDVOL_DEF mv_status mv_nifti_ext_add(mv_ctx *ctx, mv_volume *v, int code, const void *data, size_t bytes) {
    uint64_t limit =
        ctx && ctx->desc.limits.max_ext_bytes ? ctx->desc.limits.max_ext_bytes : (uint64_t)256 << 20;
    mv_nifti fresh, *n;
    const mv_nifti *old;
    size_t at = 0, size, total;
    unsigned char *p;
    if (!v || (!data && bytes)) return mv__fail_null(ctx, "nifti_ext_add", v ? "data" : "v");
    if (!v->nifti) mv__io_new_header(&fresh, v);
    old = v->nifti ? v->nifti : &fresh;
    while (mv_nifti_ext_next(old, &at, NULL, NULL, NULL)) {}
    if (at != old->ext_bytes)
        return mv__fail(ctx, MEDVOL_E_FORMAT, "ext", (double)at, -1,
                        "nifti_ext_add: the present chain is malformed at byte %zu", at);
    if (bytes > 0x7fffff00u || !mv__add(at, size = (bytes + 8 + 15) / 16 * 16, &total) ||
        total > SIZE_MAX - sizeof *n)
        return mv__fail(ctx, MEDVOL_E_SIZE, "bytes", (double)bytes, -1, "nifti_ext_add: %zu bytes: too many",
                        bytes);
    if (total > limit)
        return mv__fail(ctx, MEDVOL_E_LIMIT, "max_ext_bytes", (double)total, -1,
                        "nifti_ext_add: %zu bytes: the limit is %llu", total, (unsigned long long)limit);
    if (!(n = (mv_nifti *)mv__alloc(ctx, sizeof *n + total))) return MEDVOL_E_NOMEM;
    *n = *old;
    n->ext = p = (unsigned char *)(n + 1);
    n->ext_bytes = total;
    if (at) mv__memcpy(p, old->ext, at);
    p += at;
    mv__memset(p, 0, size);
    mv__io_set_int(p, 'i', (int64_t)size, 0);
    mv__io_set_int(p + 4, 'i', code, 0);
    if (bytes) mv__memcpy(p + 8, data, bytes);
    mv__vol_drop_nifti(ctx, v);
    v->nifti = n;
    v->owns_nifti = 1;
    return MEDVOL_OK;
}

/* ---- saving ---- */
typedef struct mv__io_sink { /* a file, or a growing block */
    mv_ctx *ctx;
    const mv_io *io;
    void *file;
    unsigned char *mem;
    size_t n, room;
    mv_gzip_writer *gz;
    mv_status status; /* of the medium */
    int open, made;      /* made: the file exists and is not finished */
    char *target, *temp; /* one block: where it goes, where it is until then (temp NULL: straight to the
                            target) */
    char *keep;          /* and a second name of what a pair replaces */
} mv__io_sink;
typedef struct mv__io_save {
    mv_ctx *ctx;
    mv_save_opt opt;
    const mv_volume *v;
    mv_nifti n; /* as written */
    int version, form, pair, gzip, swap;
    mv_dtype dt;             /* stored type */
    double hslope, hinter;   /* of the header */
    double slope, inter;     /* stored = old * slope + inter */
    double nan;              /* stored value of NaN, before rounding */
    int raw, nans;
    unsigned char head[544];
    size_t head_bytes, ext_bytes, pad, turned; /* turned: bytes of a sound chain that changes its byte
                                                  order */
    mv__io_sink main, img;
} mv__io_save;
static mv_status mv__io_grow(mv__io_sink *s, size_t n) {
    size_t want, room = s->room ? s->room : 4096;
    unsigned char *p;
    if (!mv__add(s->n, n, &want)) return MEDVOL_E_SIZE;
    if (want <= s->room) return MEDVOL_OK;
    while (room < want) room = room > SIZE_MAX / 2 ? want : room * 2;
    if (!(p = (unsigned char *)mv__alloc(s->ctx, room))) return MEDVOL_E_NOMEM;
    if (s->n) mv__memcpy(p, s->mem, s->n);
    mv__free(s->ctx, s->mem);
    s->mem = p;
    s->room = room;
    return MEDVOL_OK;
}
static int mv__io_sink_raw(void *user, const void *src, size_t n) { /* also the gzip writer's way out */
    mv__io_sink *s = (mv__io_sink *)user;
    const unsigned char *p = (const unsigned char *)src;
    if (s->status < 0) return -1;
    if (!s->open) {
        s->status = mv__io_grow(s, n);
        if (s->status < 0) return -1;
        if (n) mv__memcpy(s->mem + s->n, p, n);
        s->n += n;
        return 0;
    }
    while (n > 0) {
        int64_t k = s->io->write(s->io->user, s->file, p, n);
        if (k <= 0 || (uint64_t)k > n) {
            s->status = k < 0 ? mv__io_status(k) : MEDVOL_E_IO;
            return -1;
        }
        p += k;
        n -= (size_t)k;
    }
    return 0;
}
static mv_status mv__io_sink_trouble(mv__io_sink *s, mv_status st, const char *what) {
    if (s->status < 0 && s->status != MEDVOL_E_NOMEM) return mv__io_trouble(s->ctx, s->status, what, 0);
    if (s->status < 0) /* the gzip writer knows only that its way out failed */
        return mv__fail(s->ctx, s->status, "bytes", (double)s->n, -1, "%s: out of memory after %zu bytes",
                        what, s->n);
    return st;
}
static mv_status mv__io_sink_put(mv__io_sink *s, const void *src, size_t n) {
    mv_status st = MEDVOL_OK;
    if (s->gz) st = mv_gzip_writer_put(s->ctx, s->gz, src, n);
    else if (mv__io_sink_raw(s, src, n) < 0) st = s->status;
    return st < 0 ? mv__io_sink_trouble(s, st, "writing") : st;
}
/* Name of the temporary file beside the target: ".NAME.mvtmp.PID.N". */
static void mv__io_temp_name(char *temp, const char *target, unsigned turn) {
    size_t n = mv__io_length(target), folder = n, name;
    while (folder > 0 && target[folder - 1] != '/'
#if defined(MV__WIN32)
           && target[folder - 1] != '\\' && target[folder - 1] != ':'
#endif
    ) folder--;
    name = mv__minz(n - folder, 200); /* names have 255 bytes at most */
    mv__memcpy(temp, target, folder);
    temp[folder] = '.';
    mv__memcpy(temp + folder + 1, target + folder, name);
    mv__format(temp + folder + 1 + name, 40, ".mvtmp.%lu.%u", mv__io_pid(), turn);
}
static mv_status mv__io_sink_open(mv_ctx *ctx, mv__io_sink *s, const char *path) {
    size_t n = mv__io_length(path), room;
    unsigned turn;
    int st = MEDVOL_E_SPACE;
    s->ctx = ctx;
    s->io = mv__io_hooks(ctx);
    if (!s->io)
        return mv__fail(ctx, MEDVOL_E_UNSUPPORTED, "io", 0, -1, "this build has no files: set desc.io");
    if (n > ((size_t)1 << 20))
        return mv__fail(ctx, MEDVOL_E_SIZE, "path", (double)n, -1, "the path has %zu characters", n);
    /* links may be longer */
    for (room = n + 64; st == MEDVOL_E_SPACE && room < ((size_t)1 << 22); room *= 2) {
        mv__free(ctx, s->target);
        if (!(s->target = (char *)mv__alloc(ctx, 3 * room + 128))) return MEDVOL_E_NOMEM;
        s->keep = s->target + 2 * room + 64;
        mv__memcpy(s->target, path, n + 1);
        st = s->io->resolve ? s->io->resolve(s->io->user, path, s->target, room) : 0;
    }
    if (st < 0) return mv__io_trouble(ctx, mv__io_status(st), "opening for writing", 0);
    if (s->io->rename) {
        int mode = st > 0 && s->io->protect ? MEDVOL_IO_CREATE_PRIVATE : MEDVOL_IO_CREATE;
        s->temp = s->target + mv__io_length(s->target) + 1;
        for (turn = 0, st = MEDVOL_E_EXISTS; st == MEDVOL_E_EXISTS && turn < 1000; turn++) {
            mv__io_temp_name(s->temp, s->target, turn);
            /* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): s->temp lies in s->target, which s keeps */
            st = s->io->open(s->io->user, s->temp, mode, &s->file);
        }
    } else {
        st = s->io->remove(s->io->user, s->target);
        if (st >= 0 || st == MEDVOL_E_NOTFOUND)
            st = s->io->open(s->io->user, s->target, MEDVOL_IO_CREATE, &s->file);
    }
    if (st < 0) return mv__io_trouble(ctx, mv__io_status(st), "opening for writing", 0);
    s->open = s->made = 1;
    if (s->io->protect && s->temp) st = s->io->protect(s->io->user, s->file, s->target);
    return st < 0 ? mv__io_trouble(ctx, mv__io_status(st), "taking over the permissions", 0) : MEDVOL_OK;
}
/* The last bytes, the disk, the file: each can fail. */
static mv_status mv__io_sink_finish(mv__io_sink *s, int no_sync) {
    int k = 0;
    if (s->gz) {
        mv_status st = mv_gzip_writer_close(s->ctx, s->gz, NULL);
        s->gz = NULL;
        if (st < 0) return mv__io_sink_trouble(s, st, "writing");
    }
    if (!s->open) return MEDVOL_OK;
    if (s->io->sync && !no_sync) k = s->io->sync(s->io->user, s->file);
    if (k < 0) return mv__io_trouble(s->ctx, mv__io_status(k), "flushing to the disk", 0);
    s->open = 0;
    k = s->io->close(s->io->user, s->file);
    return k < 0 ? mv__io_trouble(s->ctx, mv__io_status(k), "closing", 0) : MEDVOL_OK;
}
static mv_status mv__io_sink_rename(mv__io_sink *s, int no_sync) {
    int (*move)(void *user, const char *from, const char *to) = s->io->rename;
    int k;
#if defined(MV__POSIX)
    if (no_sync && move == mv__io_file_rename) move = mv__io_file_move; /* nor for the folder */
#else
    (void)no_sync;
#endif
    k = s->temp ? move(s->io->user, s->temp, s->target) : 0;
    if (k < 0) return mv__io_trouble(s->ctx, mv__io_status(k), "renaming the finished file", 0);
    s->made = 0;
    return MEDVOL_OK;
}
static void mv__io_sink_drop(mv__io_sink *s) { /* whatever is left after success or failure */
    if (s->gz) mv_gzip_writer_abort(s->ctx, s->gz);
    if (s->open) (void)s->io->close(s->io->user, s->file);
    MV__KNOWN(!s->made || s->target != NULL);
    if (s->made) (void)s->io->remove(s->io->user, s->temp ? s->temp : s->target);
    mv__free(s->ctx, s->target);
    s->gz = NULL;
    s->open = s->made = 0;
    s->target = s->temp = NULL;
}

/* ---- what to store: type and scaling ---- */
typedef struct mv__io_range {
    const mv__io_save *g;
    mv__walk w;
    double *out; /* five a job, see mv__io_extent */
} mv__io_range;
static void mv__io_range_job(void *arg, size_t job) {
    const mv__io_range *r = (const mv__io_range *)arg;
    const mv_volume *v = r->g->v;
    const unsigned char *data = (const unsigned char *)v->data;
    double block[MV__CV_BLOCK], slope, inter, *out = r->out + 5 * job;
    size_t row, end, at, n, oa, ob, i, size = mv_dtype_size(v->dtype);
    int scaled;
    mv__vol_scaling(v, &slope, &inter);
    scaled = mv__scaled(slope, inter);
    out[0] = HUGE_VAL, out[1] = -HUGE_VAL, out[2] = out[3] = out[4] = 0.0;
    for (mv__walk_job(&r->w, job, &row, &end, &at, &n); row < end; row++) {
        mv__walk_row(&r->w, row, &oa, &ob);
        for (i = 0; i < n; i += MV__CV_BLOCK) {
            size_t m = mv__minz(MV__CV_BLOCK, n - i);
            mv__cv_getter(v->dtype)(block, data + (oa + at + i) * size, m);
            if (scaled) MV__PICK(mv__cv_scale)(block, m, slope, inter);
            MV__PICK(mv__io_extent)(out, block, m);
        }
    }
}
static int mv__io_is_signed(mv_dtype t) {
    return t == MEDVOL_I8 || t == MEDVOL_I16 || t == MEDVOL_I32 || t == MEDVOL_I64;
}
static void mv__io_type_range(mv_dtype t, double *lo, double *hi) { /* 64 bits: as far as doubles are exact */
    double top = ldexp(1.0, (int)mv_dtype_size(t) == 8 ? 53 : (int)mv_dtype_size(t) * 8);
    int is_signed = mv__io_is_signed(t);
    *lo = is_signed ? -top / 2 : 0.0;
    *hi = is_signed ? top / 2 - 1 : top - 1;
}
/* Does the type hold every whole number of lo..hi? */
static int mv__io_holds(mv_dtype t, double lo, double hi) {
    double top = ldexp(1.0, (int)mv_dtype_size(t) * 8 - mv__io_is_signed(t));
    return lo >= (mv__io_is_signed(t) ? -top : 0.0) && hi < top;
}
static double mv__io_header_real(const mv__io_save *g, double x) {
    return g->version == 2 ? x : (double)mv__io_float(x);
}
/* Slope and intercept that spread lo..hi over the type; none when the numbers are whole and fit. Version 1
   keeps floats, so the slope is made from the rounded intercept and rounded up. 0: the header cannot hold
   them, or only a slope that is far too coarse. */
static int mv__io_spread(mv__io_save *g, double lo, double hi, int whole) {
    double tlo, thi, s, t;
    mv__io_type_range(g->dt, &tlo, &thi);
    g->hslope = 1.0;
    g->hinter = 0.0;
    if (!(lo <= hi) || (whole && mv__io_holds(g->dt, lo, hi))) return 1;
    s = hi / (thi - tlo) - lo / (thi - tlo);
    g->hinter = mv__io_header_real(g, s > 0.0 ? lo - tlo * s : lo);
    if (s > 0.0) {
        s = (hi - g->hinter) / thi;
        t = tlo < 0.0 ? (lo - g->hinter) / tlo : 0.0;
        s = t > s ? t : s;
        g->hslope = mv__io_header_real(g, s);
        if (g->hslope < s && g->version == 1)
            g->hslope = (double)mv__bits_f32(mv__f32_bits((float)g->hslope) + 1);
    }
    return g->hslope > 0.0 && mv__finite(1.0 / g->hslope) && mv__finite(g->hslope) && mv__finite(g->hinter) &&
           !(s > 0.0 && g->hslope > 1.01 * s);
}
static mv_status mv__io_auto_scale(mv__io_save *g) {
    mv__io_range r;
    double lo = HUGE_VAL, hi = -HUGE_VAL;
    int whole = 1;
    size_t i, bytes;
    mv_status st;
    r.g = g;
    mv__walk_init(&r.w, g->v, NULL);
    if (!mv__mul(r.w.njobs, 5 * sizeof(double), &bytes))
        return mv__fail(g->ctx, MEDVOL_E_SIZE, "dim", 0, -1, "save: too large");
    if (!(r.out = (double *)mv__alloc(g->ctx, bytes))) return MEDVOL_E_NOMEM;
    st = mv_parallel_for(g->ctx, r.w.njobs, mv__io_range_job, &r, "range");
    for (i = 0; i < r.w.njobs && st == MEDVOL_OK; i++) {
        const double *o = r.out + 5 * i;
        lo = o[0] < lo ? o[0] : lo;
        hi = o[1] > hi ? o[1] : hi;
        whole = whole && o[2] == 0.0 && o[3] == 0.0;
        g->nans = g->nans || o[4] != 0.0;
    }
    mv__free(g->ctx, r.out);
    lo += 0.0, hi += 0.0; /* no -0: which zero is the least depends on the order */
    if (st < 0 || mv__io_spread(g, lo, hi, whole)) return st;
    if (g->opt.version == 0) g->version = 2; /* doubles */
    if (g->version == 2 && mv__io_spread(g, lo, hi, whole)) return st;
    return mv__fail(g->ctx, MEDVOL_E_RANGE, "slope", g->hslope, -1,
                    "voxels from %g to %g: no slope of NIfTI-%d spreads them over %s", lo, hi, g->version,
                    mv_dtype_name(g->dt));
}
static mv_status mv__io_store_as(mv__io_save *g) {
    const mv_volume *v = g->v;
    double slope, inter;
    mv_status st = MEDVOL_OK;
    int given = g->opt.slope != 0.0;
    if (!mv__finite(g->opt.slope) || !mv__finite(g->opt.inter))
        return mv__fail(g->ctx, MEDVOL_E_RANGE, "slope", g->opt.slope, -1,
                        "slope = %g, inter = %g: must be finite", g->opt.slope, g->opt.inter);
    g->dt = g->opt.dtype != MEDVOL_NONE                             ? g->opt.dtype
            : v->dtype == MEDVOL_F16 || v->dtype == MEDVOL_BF16 ? MEDVOL_F32
                                                                : v->dtype;
    if (!(g->dt == v->dtype || (mv__is_real(g->dt) && mv__is_real(v->dtype)) ||
          (mv__is_complex(g->dt) && mv__is_complex(v->dtype))))
        return mv__fail(g->ctx, MEDVOL_E_DTYPE, "dtype", (double)g->dt, -1, "storing %s as %s: not defined",
                        mv_dtype_name(v->dtype), mv_dtype_name(g->dt));
    if (given && !mv__is_integer(g->dt))
        return mv__fail(g->ctx, MEDVOL_E_RANGE, "slope", g->opt.slope, -1,
                        "a slope is for integer types, not for %s", mv_dtype_name(g->dt));
    /* stored numbers and scaling go out as they are */
    g->hslope = mv__scaled(v->slope, v->inter) ? v->slope : 1.0;
    g->hinter = mv__scaled(v->slope, v->inter) ? v->inter : 0.0;
    g->slope = 1.0;
    g->raw = !given && (g->opt.dtype == MEDVOL_NONE || g->dt == v->dtype || mv__is_complex(v->dtype));
    if (g->raw) return MEDVOL_OK;
    g->hslope = 1.0;
    g->hinter = 0.0;
    if (given) {
        g->hslope = mv__io_header_real(g, g->opt.slope);
        g->hinter = mv__io_header_real(g, g->opt.inter);
        g->nans = 1;
        if (!mv__finite(g->hslope) || g->hslope == 0.0 || !mv__finite(g->hinter) ||
            !mv__finite(1.0 / g->hslope))
            return mv__fail(g->ctx, MEDVOL_E_RANGE, "slope", g->opt.slope, -1,
                            "slope = %g, inter = %g: out of the range of the header", g->opt.slope,
                            g->opt.inter);
    } else if (mv__is_integer(g->dt)) st = mv__io_auto_scale(g);
    mv__vol_scaling(v, &slope, &inter);
    g->slope = slope / g->hslope;
    g->inter = (inter - g->hinter) / g->hslope;
    g->nan = (0.0 - g->hinter) / g->hslope;
    if (st == MEDVOL_OK && (g->slope == 0.0 || !mv__finite(g->slope) || !mv__finite(g->inter)))
        return mv__fail(g->ctx, MEDVOL_E_RANGE, "slope", g->hslope, -1,
                        "slope = %g, inter = %g: too far from those of the volume", g->hslope, g->hinter);
    g->nans = g->nans && mv__is_integer(g->dt) && !mv__is_integer(v->dtype) && g->nan != 0.0;
    return st;
}
/* The same for arrays, whose headers have no place for a scaling. */
static int mv__io_npy_kind(mv_dtype t, unsigned *size) { /* 0: NumPy has no such type */
    int i;
    for (i = 0; i < MV__IO_NPY_TYPES && mv__io_npy_types[i].t != t; i++) {}
    *size = i < MV__IO_NPY_TYPES ? mv__io_npy_types[i].size : 0;
    return i < MV__IO_NPY_TYPES ? mv__io_npy_types[i].kind : 0;
}
static mv_status mv__io_store_array(mv__io_save *g) {
    const mv_volume *v = g->v;
    mv_dtype t = v->dtype;
    int numbers = mv__is_real(t) || mv__is_complex(t), scaled = mv__scaled(v->slope, v->inter);
    int coarse = t == MEDVOL_F16 || (mv__is_integer(t) && mv_dtype_size(t) < 4);
    unsigned size;
    g->dt = g->opt.dtype != MEDVOL_NONE   ? g->opt.dtype
            : g->form == MEDVOL_FORM_CFL  ? MEDVOL_C64
            : t == MEDVOL_BF16            ? MEDVOL_F32
            : scaled && coarse            ? MEDVOL_F32
            : scaled && mv__is_integer(t) ? MEDVOL_F64
                                          : t;
    if (!(g->dt == t || (mv__is_real(g->dt) && mv__is_real(t)) ||
          (mv__is_complex(g->dt) && mv__is_complex(t)) || (g->form == MEDVOL_FORM_CFL && mv__is_real(t))) ||
        (g->form == MEDVOL_FORM_CFL ? g->dt != MEDVOL_C64 : !mv__io_npy_kind(g->dt, &size)) ||
        (scaled && (t == MEDVOL_F128 || t == MEDVOL_C256)))
        return mv__fail(g->ctx, MEDVOL_E_DTYPE, "dtype", (double)g->dt, -1, "storing %s%s as %s in a .%s",
                        scaled ? "scaled " : "", mv_dtype_name(t), mv_dtype_name(g->dt),
                        g->form == MEDVOL_FORM_CFL ? "cfl" : "npy");
    mv__vol_scaling(v, &g->slope, &g->inter);
    g->raw = g->dt == t && !(scaled && numbers);
    return MEDVOL_OK;
}
/* ---- the header to write ---- */
static void mv__io_build_cfl(mv__io_save *g) {
    char *text = (char *)g->head;
    size_t n = mv__format(text, sizeof g->head, "# Dimensions\n");
    int d;
    for (d = 0; d < 16; d++)
        n += mv__format(text + n, sizeof g->head - n, "%zu ", d < g->v->ndim ? g->v->dim[d] : (size_t)1);
    n += mv__format(text + n, sizeof g->head - n, "\n");
    g->head_bytes = n;
}
/* As NumPy does: room for the first size to grow to 21 digits, at least one blank, 64 bytes a step. */
static void mv__io_build_npy(mv__io_save *g) {
    char *text = (char *)g->head;
    size_t n = 10, room = sizeof g->head, digits = 0, k;
    unsigned size;
    int kind = mv__io_npy_kind(g->dt, &size), d = g->v->ndim - 1, big = g->swap != MV__BIG_ENDIAN;
    mv__memcpy(text, "\x93NUMPY\1\0", 8);
    n += mv__format(text + n, room - n, "{'descr': '%c%c%u', 'fortran_order': False, 'shape': (",
                    size == 1 ? '|' : big ? '>' : '<', kind, size);
    for (k = g->v->dim[d]; k > 0; k /= 10) digits++;
    for (; d >= 0; d--)
        n += mv__format(text + n, room - n, d > 0 ? "%zu, " : g->v->ndim > 1 ? "%zu" : "%zu,", g->v->dim[d]);
    n += mv__format(text + n, room - n, "), }");
    k = n + 21 - digits + 1;
    k += 64 - k % 64;
    mv__memset(text + n, ' ', k - n);
    text[k - 1] = '\n';
    mv__io_set_bits(g->head + 8, 2, k - 10, MV__BIG_ENDIAN);
    g->head_bytes = k;
}
static mv_status mv__io_begin_array(mv__io_save *g) {
    const mv_save_opt *o = &g->opt;
    int cfl = g->form == MEDVOL_FORM_CFL;
    const char *bad = o->version != 0 ? "version" : o->slope != 0.0 || o->inter != 0.0 ? "slope" : NULL;
    mv_status st;
    if (cfl && g->gzip) bad = "gzip";
    if (cfl && o->big_endian) bad = "big_endian";
    if (!cfl && o->pair) bad = "pair";
    if (bad)
        return mv__fail(g->ctx, MEDVOL_E_RANGE, bad, 0, -1, "%s: a .%s has no such thing", bad,
                        cfl ? "cfl" : "npy");
    if ((st = mv__io_store_array(g)) < 0) return st;
    g->pair = cfl;
    if (cfl) mv__io_build_cfl(g);
    else mv__io_build_npy(g);
    return MEDVOL_OK;
}
/* Do the fields of version 1 hold these? Narrower integers, and floats, which must not become infinite. */
static int mv__io_fields_fit(const mv_nifti *n) {
    int i, k, fits = 1;
    for (i = 0; i < MV__IO_FIELDS && fits; i++) {
        const mv__io_field *f = &mv__io_fields[i];
        const unsigned char *m = (const unsigned char *)n + f->member;
        int64_t v = f->kind == 'i' ? *(const int *)(const void *)m : 0;
        if (f->at2 < 0) continue;
        if (f->kind == 'l') v = *(const int64_t *)(const void *)m;
        if (f->type1 == 'c') fits = v >= 0 && v <= 255;
        else if (f->type1 == 'h') fits = v == (int16_t)v;
        for (k = 0; f->type1 == 'f' && k < f->count; k++) {
            double x = ((const double *)(const void *)m)[k];
            fits = fits && (!mv__finite(x) || mv__finite((double)mv__io_float(x)));
        }
    }
    return fits;
}
static mv_status mv__io_choose_version(mv__io_save *g) {
    const mv_volume *v = g->v;
    const mv_nifti *n = &g->n;
    /* vox_offset, a float, must still be whole */
    int d, fits = mv__io_fields_fit(n) && n->ext_bytes <= ((size_t)1 << 27);
    int coarse = 0;
    size_t worst = 0;
    double rounded[12];
    for (d = 0; d < 12; d++)
        if (!mv__finite(v->affine[d]))
            return mv__fail(g->ctx, MEDVOL_E_RANGE, "affine", v->affine[d], -1,
                            "affine[%d] = %g: must be finite", d, v->affine[d]);
    /* numbers are floats in version 1 */
    for (d = 0; d < 12; d++) rounded[d] = (double)mv__io_float(v->affine[d]);
    fits = fits && (mv__io_usable(rounded) || !mv__io_usable(v->affine));
    for (d = 0; d < 12; d++) fits = fits && mv__finite(rounded[d]);
    if (mv__scaled(v->slope, v->inter))
        fits = fits && fabs(v->slope) > 1e-37 && fabs(v->slope) < 1e38 && fabs(v->inter) < 1e38;
    if (fits && mv__is_integer(v->dtype)) /* would the rounded intercept move voxels by half a step? */
        coarse = fabs((double)mv__io_float(v->inter) - v->inter) > 0.5 * fabs(v->slope);
    for (d = 0; d < v->ndim; d++) worst = mv__maxz(worst, v->dim[d]);
    if (g->opt.version != 0 && g->opt.version != 1 && g->opt.version != 2)
        return mv__fail(g->ctx, MEDVOL_E_RANGE, "version", g->opt.version, -1,
                        "version = %d: must be 0, 1 or 2", g->opt.version);
    fits = fits && worst <= 32767;
    g->version = g->opt.version ? g->opt.version : fits && !coarse ? 1 : 2;
    if (g->version == 1 && !fits)
        return mv__fail(g->ctx, MEDVOL_E_SIZE, "dim", (double)worst, -1,
                        "a dimension of %zu (at most 32767), a header field, the affine, the scaling or the "
                        "extensions do not fit in NIfTI-1: take version 2",
                        worst);
    return MEDVOL_OK;
}
/* The floats of NIfTI-1 for a quaternion. Near a half turn its fourth part, the root of 1 - b b - c c - d d,
   is all rounding: of the 27 neighbours of b, c, d take the one that gives it best. */
static void mv__io_float_quatern(double *bcd) {
    double a = 1.0 - bcd[0] * bcd[0] - bcd[1] * bcd[1] - bcd[2] * bcd[2], least = 1.0, best[3], try_[3];
    int i, k;
    a = a > 0.0 ? sqrt(a) : 0.0;
    mv__memcpy(best, bcd, sizeof best);
    for (k = 0; k < 27; k++) {
        double rest = 1.0, cost = 0.0;
        int digit = k;
        for (i = 0; i < 3; i++, digit /= 3) {
            double ulp = fabs(bcd[i]) * 1.2e-7;
            try_[i] = (double)(float)(bcd[i] + (digit % 3 - 1) * ulp);
            cost += (try_[i] - bcd[i]) * (try_[i] - bcd[i]);
            rest -= try_[i] * try_[i];
        }
        rest = (rest > 0.0 ? sqrt(rest) : 0.0) - a;
        cost += rest * rest;
        if (cost < least) {
            least = cost;
            mv__memcpy(best, try_, sizeof best);
        }
    }
    mv__memcpy(bcd, best, sizeof best);
}
/* Geometry from the volume when it is not the loaded one any more. */
static mv_status mv__io_new_geometry(mv__io_save *g, int anew) {
    const mv_volume *v = g->v;
    const mv_nifti *old = v->nifti;
    mv_nifti *n = &g->n;
    double spacing[3], qfac, residual, mm, s;
    int i, moved = 1, same = old && !anew && mv__memcmp(v->affine, old->affine, sizeof v->affine) == 0;
    mv_affine_spacing(spacing, v->affine);
    mv__io_units(n->xyzt_units, &mm, &s);
    for (i = 0; 4 + i <= v->ndim; i++) /* a step that is still the header's is left as it was */
        if (!(fabs(n->pixdim[4 + i]) * (i ? 1.0 : s) == v->step[i]) &&
            mv__io_length_ok(v->step[i] / (i ? 1.0 : s)))
            n->pixdim[4 + i] = v->step[i] / (i ? 1.0 : s);
    if (same) {
        for (i = 0; i < 3; i++)
            if (!mv__io_length_ok(n->pixdim[1 + i]))
                n->pixdim[1 + i] = mv__io_length_ok(spacing[i] / mm) ? spacing[i] / mm : 1.0;
        return MEDVOL_OK;
    }
    if (old && mm != 1.0) n->xyzt_units = (n->xyzt_units & ~7) | 2;
    if (old)
        for (moved = 0, i = 0; i < 12; i++)
            moved |= i % 4 != 3 && fabs(v->affine[i] - old->affine[i]) > 1e-6 * (spacing[i % 4] + 1e-30);
    if (moved) n->dim_info = 0; /* it names axes as they were */
    n->slice_code = 0;
    n->slice_start = n->slice_end = 0;
    n->slice_duration = 0.0;
    /* the code of the transform that was loaded */
    n->sform_code = n->sform_code > 0 && mv__io_usable(n->sform) ? n->sform_code
                    : n->qform_code > 0                          ? n->qform_code
                                                                 : 1;
    mv__memcpy(n->sform, v->affine, sizeof n->sform);
    residual = mv_affine_to_qform(v->affine, n->quatern, n->qoffset, spacing, &qfac);
    if (g->version == 1) mv__io_float_quatern(n->quatern);
    n->qform_code = residual <= 1e-4 * (spacing[0] + spacing[1] + spacing[2]) ? n->sform_code : 0;
    n->pixdim[0] = qfac;
    for (i = 0; i < 3; i++) n->pixdim[1 + i] = mv__io_length_ok(spacing[i]) ? spacing[i] : 1.0;
    return MEDVOL_OK;
}
static mv_status mv__io_build(mv__io_save *g) {
    const mv_volume *v = g->v;
    unsigned char *p = g->head;
    size_t size, total, i;
    int wide = g->version == 2, d, rest;
    char type = wide ? 'l' : 'h';
    mv__memset(p, 0, sizeof g->head);
    size = wide ? 540 : 348;
    mv__io_set_int(p, 'i', (int64_t)size, g->swap);
    mv__io_write_fields(p, &g->n, g->version, g->swap);
    mv__io_set_int(p + (wide ? 12 : 70), 'h', g->dt, g->swap);
    mv__io_set_int(p + (wide ? 14 : 72), 'h', (int64_t)mv_dtype_size(g->dt) * 8, g->swap);
    for (d = 0; d < 8; d++)
        mv__io_set_int(p + (wide ? 16 + 8 * d : 40 + 2 * d), type,
                       d == 0         ? v->ndim
                       : d <= v->ndim ? (int64_t)v->dim[d - 1]
                                      : 1,
                       g->swap);
    mv__io_set_real(p + (wide ? 176 : 112), wide ? 'd' : 'f', g->hslope, g->swap);
    mv__io_set_real(p + (wide ? 184 : 116), wide ? 'd' : 'f', g->hinter, g->swap);
    mv__memcpy(p + (wide ? 4 : 344), g->pair ? "ni" : "n+", 2);
    p[wide ? 6 : 346] = wide ? '2' : '1';
    if (wide) mv__memcpy(p + 8, "\r\n\032\n", 4);
    g->ext_bytes = g->n.ext ? g->n.ext_bytes : 0;
    if (g->ext_bytes) {
        g->turned = mv__io_chain(g->n.ext, g->ext_bytes, 0, &rest);
        if (rest || !g->swap) g->turned = 0; /* a malformed chain goes out as it came */
        p[size] = 1;
    }
    g->head_bytes = size + 4;
    if (!mv__add(g->head_bytes, g->ext_bytes, &total) || !mv__add(total, 15, &i))
        return mv__fail(g->ctx, MEDVOL_E_SIZE, "ext_bytes", (double)g->ext_bytes, -1,
                        "%zu bytes of extensions: too many", g->ext_bytes);
    g->pad = g->pair ? 0 : i / 16 * 16 - total;
    total += g->pad;
    if (g->pair) total = 0;
    if (wide) mv__io_set_int(p + 168, 'l', (int64_t)total, g->swap);
    else mv__io_set_real(p + 108, 'f', (double)total, g->swap);
    return MEDVOL_OK;
}
/* Does the header give the affine back? Fields kept from a file may be beyond the floats of version 1, or
   mended on loading. */
static int mv__io_faithful(const mv__io_save *g) {
    const double *a = g->v->affine;
    double spacing[3], size;
    mv__io_hdr h;
    int i;
    if (mv__io_parse(NULL, &h, g->head, g->head_bytes, 0) < 0) return 1; /* not for reasons of geometry */
    mv_affine_spacing(spacing, a);
    size = spacing[0] + spacing[1] + spacing[2];
    for (i = 0; i < 12; i++)
        if (!(fabs(h.v.affine[i] - a[i]) <= 1e-5 * (fabs(a[i]) + size))) return 0;
    return 1;
}
static mv_status mv__io_put_header(mv__io_save *g) {
    static const unsigned char zeros[16] = {0};
    const unsigned char *e = g->n.ext;
    size_t at, size;
    unsigned char turn[8];
    mv_status st = mv__io_sink_put(&g->main, g->head, g->head_bytes);
    for (at = 0; st == MEDVOL_OK && at < g->turned; at += size) {
        size = (size_t)mv__io_int(e + at, 'i', 0);
        mv__io_swap(turn, e + at, 2, 4);
        st = mv__io_sink_put(&g->main, turn, 8);
        if (st == MEDVOL_OK) st = mv__io_sink_put(&g->main, e + at + 8, size - 8);
    }
    if (st == MEDVOL_OK && g->ext_bytes > g->turned)
        st = mv__io_sink_put(&g->main, e + g->turned, g->ext_bytes - g->turned);
    if (st == MEDVOL_OK && g->pad) st = mv__io_sink_put(&g->main, zeros, g->pad);
    return st;
}

/* ---- the voxels to write, a chunk at a time ---- */
typedef struct mv__io_chunk {
    const mv__io_save *g;
    mv__walk w;
    unsigned char *buffer;
    size_t first, count, job; /* voxels, counted through the volume; voxels a job */
} mv__io_chunk;
static void mv__io_convert(const mv__io_save *g, unsigned char *dst, const unsigned char *src, size_t n) {
    mv_dtype st = mv__cv_part(g->v->dtype), dt = mv__cv_part(g->dt);
    size_t parts = mv__is_complex(g->v->dtype) ? 2 : 1, unit = mv__io_unit(g->dt), i, k;
    float *f = (float *)(void *)dst;
    if (mv__is_complex(g->dt) && parts == 1 && mv__is_real(st)) { /* with imaginary part 0, into c64 */
        mv__cv_run(f, MEDVOL_F32, src, st, n, g->slope, g->inter, 0);
        for (i = n; i-- > 0;) {
            f[2 * i] = f[i];
            f[2 * i + 1] = 0.0f;
        }
    } else if (g->dt == g->v->dtype && g->raw) mv__memcpy(dst, src, n * mv_dtype_size(g->dt));
    else if (!g->nans) mv__cv_run(dst, dt, src, st, n * parts, g->slope, g->inter, 0);
    else {
        double block[MV__CV_BLOCK];
        for (i = 0; i < n; i += MV__CV_BLOCK) {
            size_t m = mv__minz(MV__CV_BLOCK, n - i);
            mv__cv_getter(st)(block, src + i * mv_dtype_size(st), m);
            MV__PICK(mv__cv_scale)(block, m, g->slope, g->inter);
            for (k = 0; k < m; k++) block[k] = block[k] != block[k] ? g->nan : block[k];
            mv__cv_putter(dt)(dst + i * mv_dtype_size(dt), block, m);
        }
    }
    if (g->swap && unit > 1) mv__io_swap(dst, dst, n * mv_dtype_size(g->dt) / unit, unit);
}
static void mv__io_chunk_job(void *arg, size_t job) {
    const mv__io_chunk *c = (const mv__io_chunk *)arg;
    size_t at = job * c->job, end = mv__minz(c->count, at + c->job), n, oa, ob, ds = mv_dtype_size(c->g->dt);
    size_t ss = mv_dtype_size(c->g->v->dtype);
    for (; at < end; at += n) {
        size_t row = (c->first + at) / c->w.len, in = (c->first + at) % c->w.len;
        n = mv__minz(end - at, c->w.len - in);
        mv__walk_row(&c->w, row, &oa, &ob);
        mv__io_convert(c->g, c->buffer + at * ds, (const unsigned char *)c->g->v->data + (oa + in) * ss, n);
    }
}
static mv_status mv__io_put_voxels(mv__io_save *g, mv__io_sink *s) {
    const mv_volume *v = g->v;
    size_t total = mv_volume_count(v), ds = mv_dtype_size(g->dt), room = ((size_t)4 << 20) / ds;
    mv__io_chunk c;
    int direct =
        g->raw && g->dt == v->dtype && !(g->swap && mv__io_unit(g->dt) > 1) && mv_volume_contiguous(v);
    mv_status st = MEDVOL_OK;
    mv__memset(&c, 0, sizeof c);
    c.g = g;
    mv__walk_init(&c.w, v, NULL);
    c.job = mv__maxz(1, MV__CHUNK / 2);
    if (direct) room *= 4;
    else if (!(c.buffer = (unsigned char *)mv__alloc(g->ctx, mv__minz(room, total) * ds)))
        return MEDVOL_E_NOMEM;
    for (; c.first < total && st == MEDVOL_OK; c.first += c.count) {
        c.count = mv__minz(room, total - c.first);
        if (mv__progress(g->ctx, c.first, total, "save")) st = mv__cancelled(g->ctx, "save");
        else if (direct) st = mv__io_sink_put(s, (const unsigned char *)v->data + c.first * ds, c.count * ds);
        else {
            st = mv_parallel_for(g->ctx, mv__divup(c.count, c.job), mv__io_chunk_job, &c, NULL);
            if (st == MEDVOL_OK) st = mv__io_sink_put(s, c.buffer, c.count * ds);
        }
    }
    mv__free(g->ctx, c.buffer);
    return st;
}
static mv_status mv__io_pack(mv__io_save *g, mv__io_sink *s, size_t head, size_t align) {
    mv_gzip_opt o;
    mv__memset(&o, 0, sizeof o);
    o.level = g->opt.level;
    o.container = g->opt.container;
    o.member = g->opt.member;
    o.head = head;
    o.align = align;
    return mv_gzip_writer_open(g->ctx, &s->gz, mv__io_sink_raw, s, &o);
}
static mv_status mv__io_save_begin(mv__io_save *g, mv_ctx *ctx, const mv_volume *v, const mv_save_opt *opt) {
    mv_status st;
    mv__memset(g, 0, sizeof *g);
    g->ctx = g->main.ctx = g->img.ctx = ctx;
    g->v = v;
    if (opt) g->opt = *opt;
    if ((st = mv__vol_check(ctx, "save", "v", v)) < 0) return st;
    g->swap = g->opt.big_endian ? !MV__BIG_ENDIAN : MV__BIG_ENDIAN;
    g->form = g->opt.form ? g->opt.form : MEDVOL_FORM_NIFTI;
    g->gzip = g->opt.gzip > 0;
    if (g->form < MEDVOL_FORM_NIFTI || g->form > MEDVOL_FORM_NPY)
        return mv__fail(ctx, MEDVOL_E_RANGE, "form", g->form, -1, "form = %d: must be one of MEDVOL_FORM_*",
                        g->form);
    if (g->form != MEDVOL_FORM_NIFTI) return mv__io_begin_array(g);
    if (v->nifti) g->n = *v->nifti;
    else mv__io_new_header(&g->n, v);
    g->pair = g->opt.pair != 0;
    if ((st = mv__io_choose_version(g)) < 0) return st;
    if ((st = mv__io_store_as(g)) < 0) return st;
    if ((st = mv__io_new_geometry(g, 0)) < 0) return st;
    if ((st = mv__io_build(g)) < 0 || mv__io_faithful(g)) return st;
    if ((st = mv__io_new_geometry(g, 1)) < 0) return st;
    return mv__io_build(g);
}
/* The .img, then the .hdr. What the .img replaces keeps a second name meanwhile, to come back when either
   fails. But a .hdr whose temporary name is gone was renamed after all, whatever was reported: both stay. */
static mv_status mv__io_rename_pair(mv__io_save *g) {
    mv__io_sink *s = &g->img, *hdr = &g->main;
    const mv_io *io = s->io;
    unsigned turn;
    int kept = MEDVOL_E_EXISTS, placed, back = -1;
    mv_status st;
    for (turn = 0; s->temp && io->link && kept == MEDVOL_E_EXISTS && turn < 1000; turn++) {
        mv__io_temp_name(s->keep, s->target, turn);
        kept = io->link(io->user, s->target, s->keep);
    }
    st = mv__io_sink_rename(s, g->opt.no_sync);
    placed = st == MEDVOL_OK;
    if (placed) st = mv__io_sink_rename(hdr, g->opt.no_sync);
    if (st < 0 && placed) {
        hdr->made = 0;
        if (io->remove(io->user, hdr->temp) == MEDVOL_E_NOTFOUND) placed = 2;
        else if (kept == MEDVOL_E_NOTFOUND) back = io->remove(io->user, s->target);
    }
    if (st < 0 && placed < 2 && kept >= 0) back = io->rename(io->user, s->keep, s->target);
    if (kept >= 0 && (st == MEDVOL_OK || back >= 0 || !placed)) (void)io->remove(io->user, s->keep);
    if (st == MEDVOL_OK || back >= 0 || !placed) return st;
    return mv__fail(g->ctx, st, "file", 0, 0, "renaming the finished .hdr: %s; the .%s is the new one%s%s",
                    mv_status_str(st), g->form == MEDVOL_FORM_CFL ? "cfl" : "img",
                    kept >= 0 ? ", the old one is " : "", kept >= 0 ? s->keep : "");
}
/* Header and voxels into the open sinks. */
static mv_status mv__io_save_run(mv__io_save *g) {
    mv__io_sink *s = g->pair ? &g->img : &g->main;
    size_t d, slice = mv_dtype_size(g->dt), head = g->head_bytes + g->ext_bytes + g->pad;
    mv_status st = MEDVOL_OK;
    for (d = 0; d < 2 && d < (size_t)g->v->ndim; d++) slice *= g->v->dim[d];
    if (g->gzip) st = mv__io_pack(g, &g->main, g->pair ? 0 : head, g->pair ? 0 : slice);
    if (st == MEDVOL_OK && g->gzip && g->pair) st = mv__io_pack(g, &g->img, 0, slice);
    mv__trace(g->ctx, 1, "save", slice);
    if (st == MEDVOL_OK) st = mv__io_put_header(g);
    if (st == MEDVOL_OK) st = mv__io_put_voxels(g, s);
    mv__trace(g->ctx, 0, "save", slice);
    if (st == MEDVOL_OK) st = mv__io_sink_finish(&g->main, g->opt.no_sync);
    if (st == MEDVOL_OK && g->pair) st = mv__io_sink_finish(&g->img, g->opt.no_sync);
    return st;
}
static mv_status mv__io_save_files(mv__io_save *g, const char *path, int own) {
    char *other;
    size_t n = mv__io_length(path);
    mv_status st;
    if (!g->pair) return mv__io_sink_open(g->ctx, &g->main, path);
    if (g->form == MEDVOL_FORM_CFL ? own == 2 : own == 3) own = 0;
    if (!own && g->form == MEDVOL_FORM_NIFTI)
        return mv__fail(g->ctx, MEDVOL_E_RANGE, "pair", 1, -1,
                        "the name of a pair must end in .hdr or .img (or these and .gz)");
    if (!(other = (char *)mv__alloc(g->ctx, n + 8))) return MEDVOL_E_NOMEM;
    if (own) mv__io_sibling(other, path, own != 1 ? 1 : g->form == MEDVOL_FORM_CFL ? 3 : 2, 0);
    else {
        mv__memcpy(other, path, n);
        mv__memcpy(other + n, ".hdr", 5);
    }
    st = mv__io_sink_open(g->ctx, &g->main, own == 1 ? path : other);
    if (!own) mv__memcpy(other + n, ".cfl", 5);
    if (st == MEDVOL_OK) st = mv__io_sink_open(g->ctx, &g->img, own > 1 ? path : other);
    mv__free(g->ctx, other);
    return st;
}
MEDVOL_DEF mv_status mv_save(mv_ctx *ctx, const mv_volume *v, const char *path, const mv_save_opt *opt) {
    mv__io_save g;
    mv_save_opt o;
    size_t n;
    int own, gz;
    mv_status st;
    if (!v || !path) return mv__fail_null(ctx, "save", v ? "path" : "v");
    if (!path[0]) return mv__fail(ctx, MEDVOL_E_NOTFOUND, "path", 0, -1, "save: the path is empty");
    n = mv__io_stem(path, &own, &gz);
    mv__memset(&o, 0, sizeof o);
    if (opt) o = *opt;
    if (o.form == MEDVOL_FORM_AUTO)
        o.form = own == 3                        ? MEDVOL_FORM_CFL
                 : mv__io_ends(path, n, ".npy") ? MEDVOL_FORM_NPY
                                                : MEDVOL_FORM_NIFTI;
    if ((own == 1 || own == 2) && o.form == MEDVOL_FORM_NIFTI) o.pair = 1;
    if (o.gzip == 0) o.gzip = gz;
    st = mv__io_save_begin(&g, ctx, v, &o);
    if (st == MEDVOL_OK) st = mv__io_save_files(&g, path, own);
    if (st == MEDVOL_OK) st = mv__io_save_run(&g);
    if (st == MEDVOL_OK) st = g.pair ? mv__io_rename_pair(&g) : mv__io_sink_rename(&g.main, o.no_sync);
    mv__io_sink_drop(&g.main);
    mv__io_sink_drop(&g.img);
    return mv__fail_in(ctx, st, path);
}
MEDVOL_DEF mv_status mv_save_mem(mv_ctx *ctx, mv_buffer *file, mv_buffer *img, const mv_volume *v,
                                 const mv_save_opt *opt) {
    mv__io_save g;
    mv_status st;
    if (!v || !file) return mv__fail_null(ctx, "save_mem", v ? "file" : "v");
    if (opt && (opt->pair || opt->form == MEDVOL_FORM_CFL) && !img)
        return mv__fail_null(ctx, "save_mem", "img");
    st = mv__io_save_begin(&g, ctx, v, opt);
    if (st == MEDVOL_OK) st = mv__io_save_run(&g);
    mv__io_sink_drop(&g.main);
    mv__io_sink_drop(&g.img);
    if (st < 0) {
        mv__free(ctx, g.main.mem);
        mv__free(ctx, g.img.mem);
        return st;
    }
    file->data = g.main.mem;
    file->bytes = g.main.n;
    if (img) {
        img->data = g.img.mem;
        img->bytes = g.img.n;
    }
    return MEDVOL_OK;
}
MEDVOL_DEF void mv_buffer_free(mv_ctx *ctx, mv_buffer *b) {
    if (!b) return;
    mv__free(ctx, b->data);
    b->data = NULL;
    b->bytes = 0;
}

/* ---- raw MR data: a stream of messages ---- */
struct mv_mrd_stream {
    mv__io_src src;
    uint64_t at, count; /* next byte; messages read */
    unsigned char *body; /* of the message */
    size_t room;
    uint64_t from;       /* bytes that were read ahead: held ones, from there on */
    size_t held;
    unsigned char ahead[8192];
    mv_error error; /* code 0: none so far */
    const char *name;
};
/* An acquisition's header field by field: count numbers of `width` bytes from byte `at` on; the struct's
   members have the same widths. */
#define MV__X(at, member, width, count) {at, (uint16_t)offsetof(mv_mrd_acquisition, member), width, count},
static const struct {
    uint16_t at, member;
    unsigned char width, count;
} mv__mrd_fields[] = {
    MV__X(0, version, 2, 1) MV__X(2, flags, 8, 1) MV__X(10, measurement_uid, 4, 1)
    MV__X(14, scan_counter, 4, 1) MV__X(18, acquisition_time_stamp, 4, 1)
    MV__X(22, physiology_time_stamp, 4, 3)
    MV__X(34, number_of_samples, 2, 1) MV__X(36, available_channels, 2, 1) MV__X(38, active_channels, 2, 1)
    MV__X(40, channel_mask, 8, 16) MV__X(168, discard_pre, 2, 1) MV__X(170, discard_post, 2, 1)
    MV__X(172, center_sample, 2, 1) MV__X(174, encoding_space_ref, 2, 1)
    MV__X(176, trajectory_dimensions, 2, 1) MV__X(178, sample_time_us, 4, 1) MV__X(182, position, 4, 3)
    MV__X(194, read_dir, 4, 3) MV__X(206, phase_dir, 4, 3) MV__X(218, slice_dir, 4, 3)
    MV__X(230, patient_table_position, 4, 3) MV__X(242, idx, 2, 17) MV__X(276, user_int, 4, 8)
    MV__X(308, user_float, 4, 8)
};
#undef MV__X
enum { MV__MRD_FIELDS = (int)(sizeof mv__mrd_fields / sizeof *mv__mrd_fields), MV__MRD_ACQUISITION = 340 };
static void mv__mrd_turn(unsigned char *d, const unsigned char *s, size_t n, size_t width) {
    if (MV__BIG_ENDIAN) mv__io_swap(d, s, n, width);
    else if (d != s) mv__memcpy(d, s, n * width);
}
static uint64_t mv__mrd_number(const unsigned char *p, size_t n) { return mv__io_bits(p, n, MV__BIG_ENDIAN); }
static uint64_t mv__mrd_rest(const mv_mrd_stream *m) { /* the most that can still come */
    uint64_t bound = mv__io_bound(&m->src);
    return bound > m->at ? bound - m->at : 0;
}
static mv_status mv__mrd_cut(mv_mrd_stream *m, const char *what, uint64_t bytes) {
    return mv__fail(m->src.ctx, MEDVOL_E_TRUNCATED, what, (double)bytes, (int64_t)m->at,
                    "message %llu: the stream ends within the %llu bytes of its %s",
                    (unsigned long long)m->count, (unsigned long long)bytes, what);
}
/* n bytes, *got of them up to the end. Few come by way of what is read ahead: a call of the system costs more
   than a short readout. What fails behind the bytes that came is told when they are used up. */
static mv_status mv__mrd_get(mv_mrd_stream *m, void *dst, size_t n, size_t *got) {
    unsigned char *d = (unsigned char *)dst;
    mv_status st = MEDVOL_OK;
    size_t k;
    for (*got = 0; *got < n && st == MEDVOL_OK; *got += k, m->at += k) {
        size_t rest = n - *got, in = m->at - m->from < m->held ? (size_t)(m->at - m->from) : m->held;
        k = mv__minz(rest, m->held - in);
        if (k > 0) mv__memcpy(d + *got, m->ahead + in, k);
        else if (rest >= sizeof m->ahead) {
            st = mv__io_read(&m->src, m->at, d + *got, rest, &k);
            if (k == 0) break;
        } else {
            st = mv__io_read(&m->src, m->from = m->at, m->ahead, sizeof m->ahead, &m->held);
            if (m->held == 0) break;
            st = MEDVOL_OK;
        }
    }
    return st;
}
/* Exactly n bytes. */
static mv_status mv__mrd_take(mv_mrd_stream *m, void *dst, size_t n, const char *what) {
    size_t got;
    mv_status st = mv__mrd_get(m, dst, n, &got);
    if (st < 0) return st;
    return got < n ? mv__mrd_cut(m, what, n) : MEDVOL_OK;
}
/* The part of a message whose length the message tells: into the body, with a zero behind it. */
static mv_status mv__mrd_body(mv_mrd_stream *m, uint64_t n, const char *what) {
    mv_ctx *ctx = m->src.ctx;
    uint64_t most = ctx && ctx->desc.limits.max_bytes ? ctx->desc.limits.max_bytes : UINT64_MAX;
    if (n > mv__mrd_rest(m)) return mv__mrd_cut(m, what, n);
    if (n > most || n > (uint64_t)PTRDIFF_MAX / 2)
        return mv__fail(ctx, MEDVOL_E_LIMIT, what, (double)n, (int64_t)m->at,
                        "message %llu: %llu bytes of %s: more than max_bytes, or than this platform can hold",
                        (unsigned long long)m->count, (unsigned long long)n, what);
    if (n >= m->room) {
        mv__free(ctx, m->body);
        m->room = 0;
        if (!(m->body = (unsigned char *)mv__alloc(ctx, (size_t)n + 1))) return MEDVOL_E_NOMEM;
        m->room = (size_t)n + 1;
    }
    m->body[(size_t)n] = 0;
    return mv__mrd_take(m, m->body, (size_t)n, what);
}
/* n bytes of no interest; the last one is looked at, for it must be there. */
static mv_status mv__mrd_skip(mv_mrd_stream *m, uint64_t n, const char *what) {
    unsigned char last;
    if (n == 0) return MEDVOL_OK;
    if (n > mv__mrd_rest(m)) return mv__mrd_cut(m, what, n);
    m->at += n - 1;
    return mv__mrd_take(m, &last, 1, what);
}
static mv_status mv__mrd_text(mv_mrd_stream *m, mv_mrd_message *out) {
    unsigned char length[4];
    uint64_t n = 1024;
    mv_status st = MEDVOL_OK;
    if (out->id != MEDVOL_MRD_CONFIG_FILE) {
        if ((st = mv__mrd_take(m, length, 4, "length")) < 0) return st;
        n = mv__mrd_number(length, 4);
    }
    if ((st = mv__mrd_body(m, n, "text")) < 0) return st;
    if (out->id == MEDVOL_MRD_CONFIG_FILE)
        for (n = 0; m->body[(size_t)n]; n++) {} /* ends at the zero behind, if not before */
    out->text = (const char *)m->body;
    out->text_bytes = (size_t)n;
    return MEDVOL_OK;
}
static mv_status mv__mrd_acquisition(mv_mrd_stream *m, mv_mrd_message *out) {
    unsigned char head[MV__MRD_ACQUISITION];
    mv_mrd_acquisition *a = &out->acquisition;
    uint64_t vectors, samples;
    int i;
    mv_status st = mv__mrd_take(m, head, sizeof head, "acquisition header");
    if (st < 0) return st;
    for (i = 0; i < MV__MRD_FIELDS; i++)
        mv__mrd_turn((unsigned char *)a + mv__mrd_fields[i].member, head + mv__mrd_fields[i].at,
                     mv__mrd_fields[i].count, mv__mrd_fields[i].width);
    vectors = (uint64_t)a->number_of_samples * a->trajectory_dimensions * 4;
    samples = (uint64_t)a->number_of_samples * a->active_channels * 8;
    if ((st = mv__mrd_body(m, vectors + samples, "trajectory and samples")) < 0) return st;
    mv__mrd_turn(m->body, m->body, (size_t)((vectors + samples) / 4), 4);
    if (vectors) out->trajectory = (const float *)(const void *)m->body;
    if (samples) out->samples = (const float *)(const void *)(m->body + (size_t)vectors);
    return MEDVOL_OK;
}
static mv_status mv__mrd_image(mv_mrd_stream *m) {
    static const unsigned char sizes[9] = {0, 2, 2, 4, 4, 4, 8, 8, 16};
    unsigned char head[198 + 8];
    uint64_t n, attributes, type;
    mv_status st = mv__mrd_take(m, head, sizeof head, "image header");
    int d;
    if (st < 0) return st;
    type = mv__mrd_number(head + 2, 2);
    if (type < 1 || type > 8)
        return mv__fail(m->src.ctx, MEDVOL_E_FORMAT, "data_type", (double)type, (int64_t)(m->at - 204),
                        "message %llu: an image of data_type %u: must be 1..8", (unsigned long long)m->count,
                        (unsigned)type);
    n = mv__mrd_number(head + 34, 2) * sizes[type];
    for (d = 0; d < 3; d++) {
        uint64_t k = mv__mrd_number(head + 16 + 2 * d, 2); /* matrix_size */
        if (k && n > UINT64_MAX / 4 / k) return mv__mrd_cut(m, "image", UINT64_MAX);
        n *= k;
    }
    attributes = mv__mrd_number(head + 198, 8);
    if (attributes > UINT64_MAX / 4) return mv__mrd_cut(m, "attributes", attributes);
    return mv__mrd_skip(m, n + attributes, "attributes and image");
}
static mv_status mv__mrd_waveform(mv_mrd_stream *m) {
    unsigned char head[40]; /* aligned as C does, unlike the others */
    mv_status st = mv__mrd_take(m, head, sizeof head, "waveform header");
    if (st < 0) return st;
    return mv__mrd_skip(m, mv__mrd_number(head + 28, 2) * mv__mrd_number(head + 30, 2) * 4, "waveform");
}
static mv_status mv__mrd_read(mv_mrd_stream *m, mv_mrd_message *out) {
    unsigned char id[2];
    size_t got;
    mv_status st = MEDVOL_OK;
    if (!m->src.known && (st = mv__io_rewind(&m->src)) < 0) return st;
    out->offset = m->at;
    if ((st = mv__mrd_get(m, id, 2, &got)) < 0 || got == 0) return st;
    if (got == 1) return mv__mrd_cut(m, "id", 2);
    out->id = (int)mv__mrd_number(id, 2);
    switch (out->id) {
        case MEDVOL_MRD_CONFIG_FILE: case MEDVOL_MRD_CONFIG_TEXT:
        case MEDVOL_MRD_HEADER: case MEDVOL_MRD_TEXT:
            st = mv__mrd_text(m, out);
            break;
        case MEDVOL_MRD_CLOSE: break;
        case MEDVOL_MRD_ACQUISITION: st = mv__mrd_acquisition(m, out); break;
        case MEDVOL_MRD_IMAGE: st = mv__mrd_image(m); break;
        case MEDVOL_MRD_WAVEFORM: st = mv__mrd_waveform(m); break;
        default:
            return mv__fail(m->src.ctx, MEDVOL_E_UNSUPPORTED, "id", out->id, (int64_t)out->offset,
                            "message %llu has id %d: no message of MRD whose length is known%s",
                            (unsigned long long)m->count, out->id, m->count ? "" : "; is this a stream?");
    }
    out->bytes = m->at - out->offset;
    m->count++;
    return st;
}
MEDVOL_DEF mv_status mv_mrd_next(mv_ctx *ctx, mv_mrd_stream *stream, mv_mrd_message *message) {
    mv_mrd_message out;
    mv_error kept;
    mv_status st;
    if (!stream || !message) return mv__fail_null(ctx, "mrd_next", stream ? "message" : "stream");
    mv__memset(&out, 0, sizeof out);
    mv__memset(&kept, 0, sizeof kept);
    if (ctx) kept = ctx->error;
    stream->src.ctx = ctx;
    st = stream->error.code;
    if (st < 0 && ctx) ctx->error = stream->error;
    if (st == MEDVOL_OK && (st = mv__mrd_read(stream, &out)) < 0) {
        st = mv__fail_in(ctx, st, stream->name);
        if (ctx) stream->error = ctx->error;
        stream->error.code = st;
    }
    if (st < 0) return st;
    if (ctx) ctx->error = kept; /* reading ahead in vain is no failure */
    *message = out;
    return MEDVOL_OK;
}
/* The stream and its name in one block. */
static mv_status mv__mrd_new(mv_ctx *ctx, mv_mrd_stream **stream, const char *name) {
    size_t n = mv__io_length(name) + 1;
    mv_mrd_stream *m = (mv_mrd_stream *)mv__alloc(ctx, sizeof *m + n);
    *stream = m;
    if (!m) return MEDVOL_E_NOMEM;
    mv__memset(m, 0, sizeof *m);
    m->src.ctx = ctx;
    m->name = (char *)(m + 1);
    mv__memcpy(m + 1, name, n);
    return MEDVOL_OK;
}
MEDVOL_DEF mv_status mv_mrd_open(mv_ctx *ctx, mv_mrd_stream **stream, const char *path) {
    mv_status st;
    if (!stream || !path) return mv__fail_null(ctx, "mrd_open", stream ? "path" : "stream");
    if ((st = mv__mrd_new(ctx, stream, path)) < 0) return mv__fail_in(ctx, st, path);
    if ((st = mv__io_open(ctx, &(*stream)->src, path)) == MEDVOL_OK) return st;
    mv__free(ctx, *stream);
    *stream = NULL;
    return mv__fail_in(ctx, st, path);
}
MEDVOL_DEF mv_status mv_mrd_open_mem(mv_ctx *ctx, mv_mrd_stream **stream, const void *data, size_t bytes) {
    mv_status st;
    if (!stream || !data) return mv__fail_null(ctx, "mrd_open_mem", stream ? "data" : "stream");
    if ((st = mv__mrd_new(ctx, stream, "memory")) < 0) return st;
    (*stream)->src.mem = (const unsigned char *)data;
    (*stream)->src.size = bytes;
    return MEDVOL_OK;
}
MEDVOL_DEF void mv_mrd_close(mv_ctx *ctx, mv_mrd_stream *stream) {
    if (!stream) return;
    stream->src.ctx = ctx;
    mv__io_close(&stream->src);
    mv__free(ctx, stream->body);
    mv__free(ctx, stream);
}
#endif
#endif /* MEDVOL_NO_IO */

/* ---- pictures: PNG and the three-plane view, part of [IO]. Owns mv__png_*, mv__rn_*. Uses [VOLUME] [GZIP].
   Source: W3C PNG, 2nd edition. ---- */
#ifndef MEDVOL_NO_IO
#ifdef MV__PASS
#else
static double mv__rn_grey(double v, double lo, double hi) { /* 0..255; NaN is black */
    if (!(v > lo)) return 0.0;
    if (v >= hi) return 255.0;
    if (!mv__finite(hi - lo)) v *= 0.5, lo *= 0.5, hi *= 0.5; /* wider than a double */
    return (v - lo) / (hi - lo) * 255.0;
}
static mv_status mv__rn_window(mv_ctx *ctx, const char *op, double lo, double hi) {
    if (lo <= hi && mv__finite(lo) && mv__finite(hi)) return MEDVOL_OK;
    return mv__fail(ctx, MEDVOL_E_RANGE, "lo", lo, -1,
                    "%s: window lo = %g, hi = %g: must be finite, lo <= hi", op, lo, hi);
}

/* ---- PNG ---- */
typedef struct mv__png {
    const mv_volume *src;
    size_t w, h, bpp, row, raw; /* raw: all filtered rows with their filter bytes */
    int windowed, thirds;       /* thirds: colours that are all grey, stored as such */
    double lo, hi, slope, inter;
} mv__png;
static mv_status mv__png_shape(mv_ctx *ctx, mv__png *p, const mv_volume *src) {
    int d;
    mv_status st = mv__vol_check(ctx, "save_png", "src", src);
    if (st < 0) return st;
    p->src = src;
    p->w = src->dim[0];
    p->h = src->ndim > 1 ? src->dim[1] : 1;
    for (d = 2; d < src->ndim; d++)
        if (src->dim[d] != 1)
            return mv__fail(ctx, MEDVOL_E_SHAPE, "dim", (double)src->dim[d], -1,
                            "save_png: dim[%d] = %zu: a picture has two axes; take a view of one slice", d,
                            src->dim[d]);
    p->bpp = src->dtype == MEDVOL_RGB24 ? 3 : src->dtype == MEDVOL_RGBA32 ? 4 : 1;
    if (p->bpp == 1 && !mv__is_real(src->dtype))
        return mv__fail(ctx, MEDVOL_E_DTYPE, "dtype", (double)src->dtype, -1,
                        "save_png: src has type %s: must be real, rgb24 or rgba32",
                        mv_dtype_name(src->dtype));
    if (!mv__mul(p->w, p->bpp, &p->row) || !mv__add(p->row, 1, &p->raw) || !mv__mul(p->raw, p->h, &p->raw) ||
        p->raw > (size_t)1 << 30)
        return mv__fail(ctx, MEDVOL_E_SIZE, "dim", (double)p->w, -1,
                        "save_png: %zu x %zu: the picture exceeds 2^30 bytes", p->w, p->h);
    return MEDVOL_OK;
}
static const unsigned char *mv__png_at(const mv__png *p, size_t y) {
    return (const unsigned char *)p->src->data + y * (size_t)p->src->stride[1] * mv_dtype_size(p->src->dtype);
}
/* Values x..x + n - 1 of row y as real numbers; n <= MV__CV_BLOCK. */
static void mv__png_values(const mv__png *p, double *v, size_t y, size_t x, size_t n) {
    size_t i;
    mv__cv_getter(p->src->dtype)(v, mv__png_at(p, y) + x * mv_dtype_size(p->src->dtype), n);
    for (i = 0; i < n; i++) v[i] = v[i] * p->slope + p->inter;
}
static void mv__png_range(mv__png *p) { /* least and greatest finite value */
    double v[MV__CV_BLOCK];
    size_t x, y, i;
    int any = 0;
    for (y = 0; y < p->h; y++)
        for (x = 0; x < p->w; x += MV__CV_BLOCK) {
            size_t n = mv__minz(MV__CV_BLOCK, p->w - x);
            mv__png_values(p, v, y, x, n);
            for (i = 0; i < n; i++) {
                if (!mv__finite(v[i])) continue;
                if (!any || v[i] < p->lo) p->lo = v[i];
                if (!any || v[i] > p->hi) p->hi = v[i];
                any = 1;
            }
        }
}
static void mv__png_try_grey(mv__png *p) {
    size_t x, y;
    if (p->bpp != 3) return;
    for (y = 0; y < p->h; y++) {
        const unsigned char *c = mv__png_at(p, y);
        for (x = 0; x < p->w; x++, c += 3)
            if (c[0] != c[1] || c[1] != c[2]) return;
    }
    p->thirds = 1;
    p->bpp = 1;
    p->row = p->w;
    p->raw = p->h * (p->w + 1);
}
static void mv__png_row(const mv__png *p, unsigned char *out, size_t y) {
    double v[MV__CV_BLOCK];
    size_t x, i;
    if (p->thirds) {
        const unsigned char *c = mv__png_at(p, y);
        for (x = 0; x < p->w; x++) out[x] = c[3 * x];
        return;
    }
    if (!p->windowed) {
        mv__memcpy(out, mv__png_at(p, y), p->row);
        return;
    }
    for (x = 0; x < p->w; x += MV__CV_BLOCK) {
        size_t n = mv__minz(MV__CV_BLOCK, p->w - x);
        mv__png_values(p, v, y, x, n);
        for (i = 0; i < n; i++) out[x + i] = (unsigned char)mv__rint(mv__rn_grey(v[i], p->lo, p->hi));
    }
}
static int mv__png_paeth(int a, int b, int c) {
    int pa = b > c ? b - c : c - b, pb = a > c ? a - c : c - a, pc = a + b - 2 * c;
    if (pc < 0) pc = -pc;
    return pa <= pb && pa <= pc ? a : pb <= pc ? b : c;
}
static void mv__png_predict(int *guess, const unsigned char *cur, const unsigned char *up, size_t i,
                            size_t bpp) {
    int a = i < bpp ? 0 : cur[i - bpp], b = up[i], c = i < bpp ? 0 : up[i - bpp];
    guess[0] = 0;
    guess[1] = a;
    guess[2] = b;
    guess[3] = (a + b) / 2;
    guess[4] = mv__png_paeth(a, b, c);
}
/* Filter byte and filtered row: of the five filters the one whose bytes, taken as signed, are smallest in
   sum. */
static void mv__png_filter(unsigned char *out, const unsigned char *cur, const unsigned char *up, size_t n,
                           size_t bpp) {
    size_t sum[5] = {0, 0, 0, 0, 0}, i;
    int guess[5], f, best = 0;
    for (i = 0; i < n; i++) {
        mv__png_predict(guess, cur, up, i, bpp);
        MV__UNROLL for (f = 0; f < 5; f++) {
            unsigned d = (unsigned)(cur[i] - guess[f]) & 255u;
            sum[f] += d < 128u ? d : 256u - d;
        }
    }
    for (f = 1; f < 5; f++)
        if (sum[f] < sum[best]) best = f;
    *out++ = (unsigned char)best;
    for (i = 0; i < n; i++) {
        mv__png_predict(guess, cur, up, i, bpp);
        out[i] = (unsigned char)(cur[i] - guess[best]);
    }
}
static void mv__png_put32(unsigned char *p, uint32_t x) { /* most significant byte first */
    p[0] = (unsigned char)(x >> 24);
    p[1] = (unsigned char)(x >> 16);
    p[2] = (unsigned char)(x >> 8);
    p[3] = (unsigned char)x;
}
/* the n data bytes stand at p + 8 */
static unsigned char *mv__png_chunk(unsigned char *p, const char *name, size_t n) {
    mv__png_put32(p, (uint32_t)n);
    mv__memcpy(p + 4, name, 4);
    mv__png_put32(p + 8 + n, mv_crc32(0, p + 4, n + 4));
    return p + 12 + n;
}
/* signature, IHDR, pHYs; with IDAT, IEND */
enum { MV__PNG_HEAD = 8 + 25 + 21, MV__PNG_FRAME = MV__PNG_HEAD + 12 + 12 };
static unsigned char *mv__png_head(unsigned char *p, const mv__png *g) {
    static const unsigned char sign[8] = {0x89, 'P', 'N', 'G', 13, 10, 26, 10};
    static const unsigned char colour[5] = {0, 0, 0, 2, 6};
    double mm[3], x, y;
    mv__memcpy(p, sign, 8);
    mv__png_put32(p + 16, (uint32_t)g->w);
    mv__png_put32(p + 20, (uint32_t)g->h);
    p[24] = 8;
    p[25] = colour[g->bpp];
    p[26] = p[27] = p[28] = 0; /* deflate, adaptive filters, not interlaced */
    p = mv__png_chunk(p + 8, "IHDR", 13);
    mv_affine_spacing(mm, g->src->affine);
    if (!(mm[0] > 0 && mm[1] > 0)) return p;
    x = mv__rint(1000.0 / mm[0]); /* pixels a metre */
    y = mv__rint(1000.0 / mm[1]);
    if (!(x >= 1.0 && x <= 2147483647.0 && y >= 1.0 && y <= 2147483647.0)) return p;
    mv__png_put32(p + 8, (uint32_t)x);
    mv__png_put32(p + 12, (uint32_t)y);
    p[16] = 1;
    return mv__png_chunk(p, "pHYs", 9);
}
MEDVOL_DEF size_t mv_png_bound(const mv_volume *src) {
    mv__png p;
    if (mv__png_shape(NULL, &p, src) < 0) return 0;
    return mv_deflate_bound(p.raw) + MV__PNG_FRAME; /* of 2^30 bytes at most */
}
MEDVOL_DEF mv_status mv_save_png_mem(mv_ctx *ctx, void *dst, size_t cap, const mv_volume *src,
                                     const mv_png_opt *opt, size_t *made) {
    mv__png p;
    unsigned char *raw, *rows[2], *at;
    size_t y, n = 0;
    int level = opt && opt->level ? opt->level : 6;
    mv_status st;
    if (!made) return mv__fail_null(ctx, "save_png", "made");
    *made = 0;
    if (!dst) return mv__fail_null(ctx, "save_png", "dst");
    mv__memset(&p, 0, sizeof p);
    if ((st = mv__png_shape(ctx, &p, src)) < 0) return st;
    if (!(level >= 1 && level <= 9))
        return mv__fail(ctx, MEDVOL_E_RANGE, "level", level, -1, "save_png: level = %d: must be 1..9", level);
    if (opt && (st = mv__rn_window(ctx, "save_png", opt->lo, opt->hi)) < 0) return st;
    if (cap < MV__PNG_FRAME)
        return mv__fail(ctx, MEDVOL_E_SPACE, "cap", (double)cap, -1,
                        "save_png: cap = %zu: must be mv_png_bound()", cap);
    if (mv__overlap(dst, cap, src->data, mv__vol_extent(src)))
        return mv__fail(ctx, MEDVOL_E_ALIAS, "dst", 0, -1, "save_png: dst and src overlap");
    mv__vol_scaling(src, &p.slope, &p.inter);
    p.lo = opt ? opt->lo : 0.0;
    p.hi = opt ? opt->hi : 0.0;
    mv__png_try_grey(&p);
    p.windowed = p.bpp == 1 && !p.thirds && (src->dtype != MEDVOL_U8 || p.lo < p.hi);
    if (p.windowed && !(p.lo < p.hi)) mv__png_range(&p);
    if ((raw = (unsigned char *)mv__alloc(ctx, p.raw + 2 * p.row)) == NULL) return MEDVOL_E_NOMEM;
    mv__trace(ctx, 1, "save_png", p.raw);
    rows[0] = raw + p.raw;
    rows[1] = rows[0] + p.row;
    mv__memset(rows[1], 0, p.row);
    for (y = 0; y < p.h && st == MEDVOL_OK; y++) {
        if (y % 64 == 0 && mv__progress(ctx, y, p.h, "save_png")) st = mv__cancelled(ctx, "save_png");
        mv__png_row(&p, rows[y & 1], y);
        mv__png_filter(raw + y * (p.row + 1), rows[y & 1], rows[~y & 1], p.row, p.bpp);
    }
    at = mv__png_head((unsigned char *)dst, &p);
    if (st == MEDVOL_OK) st = mv_deflate_zlib(ctx, at + 8, cap - MV__PNG_FRAME, raw, p.raw, level, &n);
    if (st == MEDVOL_OK) {
        at = mv__png_chunk(at, "IDAT", n);
        at = mv__png_chunk(at, "IEND", 0);
        *made = (size_t)(at - (unsigned char *)dst);
    }
    mv__free(ctx, raw);
    mv__trace(ctx, 0, "save_png", p.raw);
    return st;
}

static mv_status mv__png_write(mv_ctx *ctx, const char *path, const unsigned char *p, size_t n) {
    mv__io_sink s;
    mv_status st;
    mv__memset(&s, 0, sizeof s);
    st = mv__io_sink_open(ctx, &s, path);
    if (st == MEDVOL_OK) st = mv__io_sink_put(&s, p, n);
    if (st == MEDVOL_OK) st = mv__io_sink_finish(&s, 1);
    if (st == MEDVOL_OK) st = mv__io_sink_rename(&s, 1);
    mv__io_sink_drop(&s);
    return st;
}
MEDVOL_DEF mv_status mv_save_png(mv_ctx *ctx, const mv_volume *src, const char *path, const mv_png_opt *opt) {
    mv__png p;
    unsigned char *buf;
    size_t cap, n = 0;
    mv_status st;
    if (!path) return mv__fail_null(ctx, "save_png", "path");
    if (!path[0]) return mv__fail(ctx, MEDVOL_E_NOTFOUND, "path", 0, -1, "save_png: the path is empty");
    if ((st = mv__png_shape(ctx, &p, src)) < 0) return mv__fail_in(ctx, st, path);
    cap = mv_deflate_bound(p.raw) + MV__PNG_FRAME;
    if ((buf = (unsigned char *)mv__alloc(ctx, cap)) == NULL) return MEDVOL_E_NOMEM;
    st = mv_save_png_mem(ctx, buf, cap, src, opt, &n);
    if (st == MEDVOL_OK) st = mv__png_write(ctx, path, buf, n);
    mv__free(ctx, buf);
    return mv__fail_in(ctx, st, path);
}

/* ---- the three planes ---- */
typedef struct mv__rn_axis { /* a patient axis: x to the right, y to the front, z up */
    int axis, rev;           /* the voxel axis, and whether it runs the other way */
    size_t n, at;            /* voxels; the point, counted along the patient axis */
    double mm;
} mv__rn_axis;
typedef struct mv__rn_plane {
    const mv__rn_axis *u, *v; /* to the right, up */
    size_t w, h, x;           /* pixels, left border in the picture */
    float *value;             /* u->n x v->n pixels of `channels`, upper row first */
    const char *letters;      /* left, right, top, bottom */
} mv__rn_plane;
typedef struct mv__rn {
    const mv_volume *src;
    size_t frame; /* bytes to the frame */
    int channels, mirror, planes;
    double slope, inter, px;
    mv__rn_axis axis[3];
    mv__rn_plane plane[3];
    size_t w, h, gap;
} mv__rn;

static void mv__rn_axes(mv__rn *r) {
    double mm[3];
    int axis[3], sign[3], c, w, used[3] = {0, 0, 0};
    mv_affine_orientation(r->src->affine, axis, sign);
    mv_affine_spacing(mm, r->src->affine);
    for (c = 0; c < 3; c++)
        if (axis[c] >= 0) used[axis[c]] = 1;
    for (c = 0; c < 3; c++) {
        mv__rn_axis *a;
        for (w = 0; axis[c] < 0 && w < 3; w++) /* an axis without direction takes what is left */
            if (!used[w]) {
                used[w] = 1;
                axis[c] = w;
                sign[c] = 1;
            }
        a = &r->axis[axis[c]];
        a->axis = c;
        a->rev = sign[c] < 0;
        a->n = c < r->src->ndim ? r->src->dim[c] : 1;
        a->at = a->n / 2;
        a->mm = mm[c] > 0.0 && mv__finite(mm[c]) ? mm[c] : 1.0;
    }
}
static mv_status mv__rn_point(mv_ctx *ctx, mv__rn *r, const mv_render_opt *o) {
    double p[3];
    int w;
    if (!o->point) return MEDVOL_OK;
    mv__memcpy(p, o->point, sizeof p);
    if (!o->point_is_voxel && mv_world_to_voxel(r->src, p, o->point) < 0)
        return mv__fail(ctx, MEDVOL_E_SINGULAR, "point", p[0], -1,
                        "render_planes: the affine has no inverse: give a voxel index");
    for (w = 0; w < 3; w++) {
        mv__rn_axis *a = &r->axis[w];
        double k = mv__rint(p[a->axis]);
        if (!(k >= 0.0 && k <= (double)(a->n - 1)))
            return mv__fail(ctx, MEDVOL_E_RANGE, "point", p[a->axis], -1,
                            "render_planes: point: voxel index %g along axis %d: must lie in 0..%zu",
                            p[a->axis], a->axis, a->n - 1);
        a->at = a->rev ? a->n - 1 - (size_t)k : (size_t)k;
    }
    return MEDVOL_OK;
}
#define MV__RN_MOST ((size_t)1 << 24) /* pixels a side: three planes stay countable, also in 32 bits */
/* Which planes there are, and their size in pixels. */
static mv_status mv__rn_layout(mv_ctx *ctx, mv__rn *r, const mv_render_opt *o) {
    static const char letters[2][3][5] = {{"LRAP", "LRSI", "PASI"}, {"RLAP", "RLSI", "APSI"}};
    double wide = 0.0, high = 0.0, px = 0.0;
    size_t max_w = o->max_width ? mv__minz(o->max_width, MV__RN_MOST) : 4096;
    size_t max_h = o->max_height ? mv__minz(o->max_height, MV__RN_MOST) : 4096;
    int k, turn, thick = (r->axis[0].n > 1) + (r->axis[1].n > 1) + (r->axis[2].n > 1);
    for (k = 0; k < 3; k++) {
        mv__rn_plane *p = &r->plane[r->planes];
        p->u = &r->axis[k == 2];
        p->v = &r->axis[1 + (k > 0)];
        p->letters = letters[r->mirror][k];
        /* a line: where it can be seen */
        if (thick > 1 ? p->u->n == 1 || p->v->n == 1 : k != (r->axis[2].n > 1)) continue;
        r->planes++;
        wide += (double)p->u->n * p->u->mm;
        high = fmax(high, (double)p->v->n * p->v->mm);
        px = px == 0.0 ? fmin(p->u->mm, p->v->mm) : fmin(px, fmin(p->u->mm, p->v->mm));
    }
    if (o->mm_per_pixel > 0.0) px = o->mm_per_pixel;
    r->gap = (size_t)(r->planes - 1) * 2 < max_w / 8 ? 2 : 0;
    px = fmax(px, fmax(wide / (double)max_w, high / (double)max_h));
    for (turn = 0; turn < 2000; turn++) { /* whole pixels may exceed the bound at first */
        r->w = r->h = 0;
        for (k = 0; k < r->planes; k++) {
            mv__rn_plane *p = &r->plane[k];
            p->w = (size_t)fmax(1.0, floor((double)p->u->n * p->u->mm / px + 0.5));
            p->h = (size_t)fmax(1.0, floor((double)p->v->n * p->v->mm / px + 0.5));
            p->x = k ? r->w + r->gap : 0;
            r->w = p->x + p->w;
            r->h = mv__maxz(r->h, p->h);
        }
        r->px = px;
        if (r->w <= max_w && r->h <= max_h) return MEDVOL_OK;
        px *= 1.005;
    }
    return mv__fail(ctx, MEDVOL_E_RANGE, "max_width", (double)max_w, -1,
                    "render_planes: %zu x %zu pixels: too few for %d planes", max_w, max_h, r->planes);
}
static float mv__rn_float(double v) { /* infinite stays so */
    return !mv__finite(v) ? (float)v : v > 3.4e38 ? 3.4e38f : v < -3.4e38 ? -3.4e38f : (float)v;
}
static void mv__rn_voxel(const mv__rn *r, mv__cv_get_fn get, const unsigned char *at, float *out) {
    double v[2] = {0.0, 0.0};
    int c;
    if (r->channels == 3) {
        double alpha = r->src->dtype == MEDVOL_RGBA32 ? at[3] / 255.0 : 1.0;
        for (c = 0; c < 3; c++) out[c] = (float)(at[c] * alpha);
        return;
    }
    get(v, at, mv__is_complex(r->src->dtype) ? 2 : 1);
    v[0] = v[0] * r->slope + r->inter;
    if (mv__is_complex(r->src->dtype)) v[0] = hypot(v[0], v[1] * r->slope + r->inter);
    out[0] = mv__rn_float(v[0]);
}
static void mv__rn_fetch(const mv__rn *r, const mv__rn_plane *p) {
    const mv__rn_axis *n = &r->axis[0];
    size_t size = mv_dtype_size(r->src->dtype), x, y, k;
    const unsigned char *base = (const unsigned char *)r->src->data + r->frame, *row;
    mv_dtype part = r->src->dtype == MEDVOL_C64    ? MEDVOL_F32
                    : r->src->dtype == MEDVOL_C128 ? MEDVOL_F64
                                                   : r->src->dtype;
    mv__cv_get_fn get = mv__cv_getter(part);
    float *out = p->value;
    while (n == p->u || n == p->v) n++; /* the axis that the plane cuts */
    k = n->rev ? n->n - 1 - n->at : n->at;
    base += k * (size_t)r->src->stride[n->axis] * size;
    for (y = 0; y < p->v->n; y++) {
        k = p->v->rev ? y : p->v->n - 1 - y;
        row = base + k * (size_t)r->src->stride[p->v->axis] * size;
        for (x = 0; x < p->u->n; x++, out += r->channels) {
            k = p->u->rev != r->mirror ? p->u->n - 1 - x : x;
            mv__rn_voxel(r, get, row + k * (size_t)r->src->stride[p->u->axis] * size, out);
        }
    }
}
static uint32_t mv__rn_key(float f) { /* unsigned order as that of the floats */
    uint32_t b = mv__f32_bits(f);
    return b >> 31 ? ~b : b | 0x80000000u;
}
/* The value of the given rank among the finite ones, byte by byte of its key. */
static double mv__rn_rank(const float *v, size_t n, size_t rank) {
    uint32_t key = 0, mask = 0;
    size_t count[256], i;
    int shift, b;
    for (shift = 24; shift >= 0; shift -= 8) {
        mv__memset(count, 0, sizeof count);
        for (i = 0; i < n; i++)
            if (mv__finite(v[i]) && (mv__rn_key(v[i]) & mask) == key)
                count[mv__rn_key(v[i]) >> shift & 255u]++;
        for (b = 0; b < 255 && rank >= count[b]; b++) rank -= count[b];
        key |= (uint32_t)b << shift;
        mask |= 0xffu << shift;
    }
    return mv__bits_f32(key >> 31 ? key & 0x7fffffffu : ~key);
}
static void mv__rn_auto(const float *v, size_t n, double *lo, double *hi) {
    size_t i, finite = 0;
    *lo = *hi = 0.0;
    for (i = 0; i < n; i++) finite += mv__finite(v[i]) ? 1u : 0u;
    if (!finite) return;
    *lo = mv__rn_rank(v, n, mv__divup(finite, 100) - 1);
    *hi = mv__rn_rank(v, n, finite - finite / 100 - 1);
    if (*lo < *hi) return;
    *lo = mv__rn_rank(v, n, 0);
    *hi = mv__rn_rank(v, n, finite - 1);
}
/* Weights of the n samples along an axis for pixel i of m: first one and number; the k-th weighs
   mv__rn_weight. */
typedef struct mv__rn_tap {
    size_t first, count;
    double centre, reach, sum;
} mv__rn_tap;
static double mv__rn_weight(const mv__rn_tap *t, size_t k) {
    return t->reach > 0.0 ? fmax(0.0, 1.0 - fabs((double)(t->first + k) - t->centre) / t->reach) / t->sum
                          : 1.0;
}
static mv__rn_tap mv__rn_taps(size_t i, size_t m, size_t n, int nearest) {
    mv__rn_tap t;
    double scale = (double)n / (double)m;
    size_t k;
    nearest |= n == m; /* pixels are voxels */
    t.centre = ((double)i + 0.5) * scale - 0.5;
    t.reach = nearest ? 0.0 : fmax(1.0, scale);
    t.sum = 1.0;
    if (nearest) {
        t.first = mv__minz(n - 1, (size_t)(((double)i + 0.5) * scale));
        t.count = 1;
        return t;
    }
    t.first = (size_t)fmax(0.0, ceil(t.centre - t.reach));
    t.count = (size_t)fmin((double)(n - 1), floor(t.centre + t.reach)) - t.first + 1;
    {
        double sum = 0.0;
        for (k = 0; k < t.count; k++) sum += mv__rn_weight(&t, k);
        t.sum = sum;
    }
    return t;
}
/* One plane to pixels: down the columns into `line` (u->n pixels of doubles), then along it. */
static void mv__rn_draw(const mv__rn *r, const mv__rn_plane *p, mv_volume *out, double *line,
                        mv__rn_tap *taps, int nearest) {
    size_t nc = (size_t)r->channels, row = p->u->n * nc, x, y, k, i, c;
    MV__KNOWN(nc == 1 || nc == 3);
    for (x = 0; x < p->w; x++) taps[x] = mv__rn_taps(x, p->w, p->u->n, nearest);
    for (y = 0; y < p->h; y++) {
        unsigned char *px =
            (unsigned char *)out->data + 3 * ((y + (r->h - p->h) / 2) * (size_t)out->stride[1] + p->x);
        mv__rn_tap t = mv__rn_taps(y, p->h, p->v->n, nearest);
        mv__memset(line, 0, row * sizeof *line);
        for (k = 0; k < t.count; k++) {
            const float *v = p->value + (t.first + k) * row;
            double w = mv__rn_weight(&t, k);
            for (i = 0; i < row; i++) line[i] += w * v[i];
        }
        for (x = 0; x < p->w; x++, px += 3) {
            double sum[3] = {0.0, 0.0, 0.0};
            for (k = 0; k < taps[x].count; k++) {
                double w = mv__rn_weight(&taps[x], k);
                for (c = 0; c < nc; c++) sum[c] += w * line[(taps[x].first + k) * nc + c];
            }
            for (c = 0; c < 3; c++) px[c] = (unsigned char)mv__rint(fmin(255.0, sum[nc == 3 ? c : 0]));
        }
    }
}
/* A letter of 5 x 7 dots, `s` pixels a dot, white with a black border; x, y relative to the plane. */
static void mv__rn_letter(const mv__rn *r, const mv__rn_plane *p, mv_volume *out, char letter, size_t x0,
                          size_t y0, size_t s) {
    static const char names[] = "LRAPSI";
    static const unsigned char dots[6][7] = {/* a row a byte, the leftmost dot is 16 */
        {16, 16, 16, 16, 16, 16, 31}, {30, 17, 17, 30, 20, 18, 17}, {4, 10, 17, 17, 31, 17, 17},
        {30, 17, 17, 30, 16, 16, 16}, {15, 16, 16, 14, 1, 1, 30},   {14, 4, 4, 4, 4, 4, 14}};
    const unsigned char *d = dots[0];
    size_t x, y, k;
    int white;
    for (k = 0; k < 6; k++)
        if (names[k] == letter) d = dots[k];
    for (white = 0; white < 2; white++)
        for (y = 0; y < 7 * s + 2; y++)
            for (x = 0; x < 5 * s + 2; x++) {
                size_t i, j;
                int on = 0;
                /* dots within one pixel of (x - 1, y - 1) */
                for (j = y > 2 ? y - 2 : 0; j <= y && j < 7 * s; j++)
                    for (i = x > 2 ? x - 2 : 0; i <= x && i < 5 * s; i++)
                        if ((!white || (i + 1 == x && j + 1 == y)) && (d[j / s] >> (4 - i / s) & 1)) on = 1;
                if (on)
                    mv__memset(
                        (unsigned char *)out->data +
                            3 * ((y0 + y + (r->h - p->h) / 2) * (size_t)out->stride[1] + p->x + x0 + x),
                        white ? 255 : 0, 3);
            }
}
static void mv__rn_letters(const mv__rn *r, const mv__rn_plane *p, mv_volume *out) {
    size_t s = mv__maxz(1, (r->h + 50) / 100), w = 5 * s + 2, h = 7 * s + 2, m = s;
    if (p->w < 3 * w + 4 * m || p->h < 3 * h + 4 * m) return;
    mv__rn_letter(r, p, out, p->letters[0], m, (p->h - h) / 2, s);
    mv__rn_letter(r, p, out, p->letters[1], p->w - w - m, (p->h - h) / 2, s);
    mv__rn_letter(r, p, out, p->letters[2], (p->w - w) / 2, m, s);
    mv__rn_letter(r, p, out, p->letters[3], (p->w - w) / 2, p->h - h - m, s);
}
static void mv__rn_mark(unsigned char *px) { /* half green */
    px[0] = (unsigned char)(px[0] / 2);
    px[1] = (unsigned char)(px[1] / 2 + 110);
    px[2] = (unsigned char)(px[2] / 2 + 40);
}
static void mv__rn_cross(const mv__rn *r, const mv__rn_plane *p, mv_volume *out) {
    size_t u = r->mirror ? p->u->n - 1 - p->u->at : p->u->at, v = p->v->n - 1 - p->v->at,
           top = (r->h - p->h) / 2, i;
    size_t cx = (size_t)(((double)u + 0.5) * (double)p->w / (double)p->u->n);
    size_t cy = (size_t)(((double)v + 0.5) * (double)p->h / (double)p->v->n),
           arm = 3 * mv__maxz(1, r->h / 100);
    unsigned char *base = (unsigned char *)out->data + 3 * (top * (size_t)out->stride[1] + p->x);
    for (i = 0; i < p->w; i++) /* the point itself stays free */
        if (i + arm <= cx || i >= cx + arm) mv__rn_mark(base + 3 * (cy * (size_t)out->stride[1] + i));
    for (i = 0; i < p->h; i++)
        if (i + arm <= cy || i >= cy + arm) mv__rn_mark(base + 3 * (i * (size_t)out->stride[1] + cx));
}
static mv_status mv__rn_plan(mv_ctx *ctx, mv__rn *r, const mv_volume *src, const mv_render_opt *o) {
    size_t size = mv_dtype_size(src->dtype), frames = 1, k = o->frame;
    int d;
    mv_status st;
    mv__memset(r, 0, sizeof *r);
    r->src = src;
    r->mirror = o->radiological != 0;
    r->channels = src->dtype == MEDVOL_RGB24 || src->dtype == MEDVOL_RGBA32 ? 3 : 1;
    if (r->channels == 1 && !mv__is_real(src->dtype) && !mv__is_complex(src->dtype))
        return mv__fail(ctx, MEDVOL_E_DTYPE, "dtype", (double)src->dtype, -1,
                        "render_planes: src has type %s: it cannot be shown", mv_dtype_name(src->dtype));
    if ((st = mv__rn_window(ctx, "render_planes", o->lo, o->hi)) < 0) return st;
    if (!(o->mm_per_pixel >= 0.0 && mv__finite(o->mm_per_pixel)))
        return mv__fail(ctx, MEDVOL_E_RANGE, "mm_per_pixel", o->mm_per_pixel, -1,
                        "render_planes: mm_per_pixel = %g: must be at least 0", o->mm_per_pixel);
    for (d = 3; d < src->ndim; d++) {
        r->frame += k % src->dim[d] * (size_t)src->stride[d] * size;
        k /= src->dim[d];
        frames *= src->dim[d];
    }
    if (k)
        return mv__fail(ctx, MEDVOL_E_RANGE, "frame", (double)o->frame, -1,
                        "render_planes: frame = %zu: must lie in 0..%zu", o->frame, frames - 1);
    mv__vol_scaling(src, &r->slope, &r->inter);
    mv__rn_axes(r);
    if ((st = mv__rn_point(ctx, r, o)) < 0) return st;
    return mv__rn_layout(ctx, r, o);
}
static mv_status mv__rn_run(mv_ctx *ctx, mv__rn *r, mv_volume *out, const mv_render_opt *o) {
    size_t total = 0, longest = 0, widest = 0, i, n;
    mv__rn_tap *taps;
    double lo = o->lo, hi = o->hi, *line;
    float *value;
    int k;
    mv_status st = MEDVOL_OK;
    /* no overflow: at most three planes of a volume that exists, 4 bytes for 1 */
    for (k = 0; k < r->planes; k++) {
        total += r->plane[k].u->n * r->plane[k].v->n * (size_t)r->channels;
        longest = mv__maxz(longest, r->plane[k].u->n * (size_t)r->channels);
        widest = mv__maxz(widest, r->plane[k].w);
    }
    if (!mv__mul(total, sizeof *value, &n) || !mv__mul(longest, sizeof *line, &i) || !mv__add(n, i, &n) ||
        !mv__add(n, widest * sizeof *taps, &n))
        return mv__fail(ctx, MEDVOL_E_SIZE, "src", (double)total, -1,
                        "render_planes: the planes are too large");
    if ((taps = (mv__rn_tap *)mv__alloc(ctx, n)) == NULL) return MEDVOL_E_NOMEM;
    line = (double *)(taps + widest);
    value = (float *)(void *)(line + longest);
    for (n = 0, k = 0; k < r->planes; n += r->plane[k].u->n * r->plane[k].v->n * (size_t)r->channels, k++) {
        r->plane[k].value = value + n;
        mv__rn_fetch(r, &r->plane[k]);
    }
    if (r->channels == 1) {
        if (!(lo < hi)) mv__rn_auto(value, total, &lo, &hi);
        for (i = 0; i < total; i++) value[i] = (float)mv__rn_grey(value[i], lo, hi);
    }
    for (i = 0; i < r->h; i++)
        mv__memset((unsigned char *)out->data + 3 * i * (size_t)out->stride[1], 0, 3 * r->w);
    for (k = 0; k < r->planes && st == MEDVOL_OK; k++) {
        if (mv__progress(ctx, (size_t)k, (size_t)r->planes, "render_planes"))
            st = mv__cancelled(ctx, "render_planes");
        mv__rn_draw(r, &r->plane[k], out, line, taps, o->nearest);
        if (o->crosshair) mv__rn_cross(r, &r->plane[k], out);
        if (!o->no_letters) mv__rn_letters(r, &r->plane[k], out);
    }
    mv__free(ctx, taps);
    return st;
}
MEDVOL_DEF mv_status mv_render_planes(mv_ctx *ctx, mv_volume *dst, const mv_volume *src,
                                      const mv_render_opt *opt) {
    mv_render_opt o;
    mv__rn r;
    mv_volume out;
    double mm[3];
    size_t dim[2];
    mv_status st;
    if ((st = mv__vol_check(ctx, "render_planes", "src", src)) < 0) return st;
    mv__memset(&o, 0, sizeof o);
    if (opt) o = *opt;
    if ((st = mv__rn_plan(ctx, &r, src, &o)) < 0) return st;
    dim[0] = r.w;
    dim[1] = r.h;
    if ((st = mv__out_begin(ctx, "render_planes", &out, dst, src, MEDVOL_RGB24, 2, dim, 0)) < 0) return st;
    mv__vol_drop_nifti(ctx, &out);
    mm[0] = mm[1] = mm[2] = r.px;
    mv_affine_from_spacing(out.affine, mm, NULL);
    out.step[0] = out.step[1] = out.step[2] = out.step[3] = 1.0;
    out.slope = out.inter = 0.0;
    mv__trace(ctx, 1, "render_planes", 3 * r.w * r.h);
    st = mv__rn_run(ctx, &r, &out, &o);
    mv__trace(ctx, 0, "render_planes", 3 * r.w * r.h);
    return mv__out_end(ctx, st, &out, dst);
}
#endif
#endif /* MEDVOL_NO_IO */

/* ==== [INTENSITY] statistics, percentiles, histograms, z-norm, rescale, clamp, gamma, threshold. Owns
   mv__in_*. Uses [VOLUME]. Source: Chan, Golub, LeVeque 1983 (moments), Otsu 1979. ======================= */
#ifndef MEDVOL_NO_INTENSITY
#ifdef MV__PASS
#if MV__PASS == 1 /* shared by all levels */
#  define MV__IN_STRETCH 512 /* places worked out at a time */
#  define MV__IN_AHEAD 4096 /* floats to prefetch: beyond what the hardware has asked for */
/* A striped sum in the making: value i of the chunk belongs to stripe i % 16; sums of x - shift and its
   square. */
typedef struct mv__in_sum {
    double s1[16], s2[16], shift, lo, hi;
} mv__in_sum;
/* Of at most MEDVOL_STATS_CHUNK whole numbers: nothing rounds, and no lane overflows. */
typedef struct mv__in_whole {
    int64_t s1, s2;
    int32_t lo, hi;
} mv__in_whole;
typedef struct mv__in_line { /* y = clip((x - m) * k + b) */
    double m, k, b, lo, hi;
    int clip, keep0; /* keep0: zeros stay */
} mv__in_line;
typedef struct mv__in_power {
    double g, lo, scale, range; /* normalised: t = (x - lo) * scale, y = t^g * range + lo */
    int mode;
} mv__in_power;
typedef struct mv__in_bins { /* uniform bins for float values; counts: bins, below, above, NaN */
    const float *edge;       /* bins + 1: the least floats that belong to bin k */
    float lo, hi, origin, scale, margin;
    size_t bins;
} mv__in_bins;
static inline void mv__in_ends(mv__in_sum *t, double y) {
    t->lo = y < t->lo ? y : t->lo;
    t->hi = y > t->hi ? y : t->hi;
}
static inline void mv__in_range1(float *ends, float v) {
    ends[0] = v < ends[0] ? v : ends[0];
    ends[1] = v > ends[1] ? v : ends[1];
}
static inline void mv__in_whole_ends(mv__in_whole *t, int32_t v) {
    t->lo = v < t->lo ? v : t->lo;
    t->hi = v > t->hi ? v : t->hi;
}
static inline double mv__in_line1(double x, const mv__in_line *a) {
    double y = (x - a->m) * a->k + a->b;
    if (a->clip) y = y < a->lo ? a->lo : y > a->hi ? a->hi : y;
    return a->keep0 && x == 0.0 ? x : y;
}
#endif
/* ---- moments: 16 stripes at every vector length, the same additions in the same order at every level
   ---- */
/* chosen: only finite values count, where mask is not 0 and, with nonzero, that are not 0; the rest enters as
   the shift, that is as zero. count: taken, NaN, not finite. */
MV__INLINE void MV__K(mv__in_add_f32)(mv__in_sum *t, const float *x, size_t n, int chosen,
                                      const uint8_t *mask, int nonzero, uint64_t *count) {
    enum { HALVES = MVF_N / MVD_N };
    mvd s1[16 / MVD_N], s2[16 / MVD_N], d;
    const mvd shift = mvd_set1(t->shift);
    mvf lo = mvf_set1((float)t->lo), hi = mvf_set1((float)t->hi), v;
    const mvf stand = mvf_set1((float)t->shift);
    mvi cn = mvi_set1(0), ci = cn, ck = cn;
    int32_t kn[MVF_N], ki[MVF_N], kk[MVF_N];
    float a[MVF_N], b[MVF_N];
    size_t i = 0, j;
    int k;
    MV__UNROLL for (k = 0; k < 16 / MVD_N; k++) {
        s1[k] = mvd_load(t->s1 + k * MVD_N);
        s2[k] = mvd_load(t->s2 + k * MVD_N);
    }
    for (; i + 16 <= n; i += 16) {
        mv_prefetch(x + i + MV__IN_AHEAD);
        MV__UNROLL for (k = 0; k < 16 / MVF_N; k++) {
            v = mvf_load(x + i + k * MVF_N);
            if (chosen) {
                mvm fine = mvf_le(mvf_abs(v), mvf_set1(3.402823466e38f)), in = mvf_eq(v, v);
                if (mask) in = mvi_gt(mvi_load_u8(mask + i + k * MVF_N), mvi_set1(0));
                else in = mvm_or(in, mvm_not(in));
                if (nonzero) in = mvm_and(in, mvm_not(mvf_eq(v, mvf_zero())));
                cn = mvi_add(cn, mvi_sel(mvm_and(in, mvf_isnan(v)), mvi_set1(1), mvi_set1(0)));
                ci = mvi_add(ci, mvi_sel(mvm_and(in, mvm_not(fine)), mvi_set1(1), mvi_set1(0)));
                fine = mvm_and(fine, in);
                ck = mvi_add(ck, mvi_sel(fine, mvi_set1(1), mvi_set1(0)));
                v = mvf_sel(fine, v, stand);
            }
            lo = mvf_min(v, lo);
            hi = mvf_max(v, hi);
            d = mvd_sub(mvd_lo(v), shift);
            s1[k * HALVES] = mvd_add(s1[k * HALVES], d);
            s2[k * HALVES] = mvd_add(s2[k * HALVES], mvd_mul(d, d));
            if (HALVES > 1) {
                d = mvd_sub(mvd_hi(v), shift);
                s1[k * HALVES + HALVES - 1] = mvd_add(s1[k * HALVES + HALVES - 1], d);
                s2[k * HALVES + HALVES - 1] = mvd_add(s2[k * HALVES + HALVES - 1], mvd_mul(d, d));
            }
        }
    }
    MV__UNROLL for (k = 0; k < 16 / MVD_N; k++) {
        mvd_store(t->s1 + k * MVD_N, s1[k]);
        mvd_store(t->s2 + k * MVD_N, s2[k]);
    }
    mvf_store(a, lo);
    mvf_store(b, hi);
    mvi_store(kn, cn);
    mvi_store(ki, ci);
    mvi_store(kk, ck);
    mv_end();
    for (j = 0; j < MVF_N; j++) {
        if (chosen) count[0] += (uint64_t)kk[j], count[1] += (uint64_t)kn[j], count[2] += (uint64_t)ki[j];
        t->lo = (double)a[j] < t->lo ? (double)a[j] : t->lo;
        t->hi = (double)b[j] > t->hi ? (double)b[j] : t->hi;
    }
    for (j = 0; i < n; i++, j++) {
        double y = (double)x[i], e = y - t->shift;
        if (chosen) {
            if ((mask && mask[i] == 0) || (nonzero && y == 0.0)) continue;
            count[mv__finite(y) ? 0 : 2]++;
            count[1] += y != y;
            if (!mv__finite(y)) continue;
        }
        t->s1[j] += e;
        t->s2[j] += e * e;
        t->lo = y < t->lo ? y : t->lo;
        t->hi = y > t->hi ? y : t->hi;
    }
}
/* The least and the greatest that are not NaN; infinity and its negative when there is none. */
static void MV__K(mv__in_range_f32)(float *ends, const float *x, size_t n) {
    enum { STEP = 4 * MVF_N };
    mvf lo[4], hi[4], v;
    float a[MVF_N], b[MVF_N];
    size_t i = mv__cv_lead(NULL, x, MVF_N * sizeof(float), sizeof(float), n, 0), j;
    int k;
    ends[0] = (float)HUGE_VAL;
    ends[1] = -(float)HUGE_VAL;
    for (j = 0; j < i; j++) mv__in_range1(ends, x[j]);
    MV__UNROLL for (k = 0; k < 4; k++) {
        lo[k] = mvf_set1(ends[0]);
        hi[k] = mvf_set1(ends[1]);
    }
    for (; i + STEP <= n; i += STEP) {
        MV__UNROLL for (k = 0; k < 4; k++) {
            v = mvf_load(x + i + k * MVF_N);
            mv_prefetch(x + i + k * MVF_N + MV__IN_AHEAD);
            lo[k] = mvf_min(v, lo[k]); /* in this order NaN does not enter */
            hi[k] = mvf_max(v, hi[k]);
        }
    }
    mvf_store(a, mvf_min(mvf_min(lo[0], lo[1]), mvf_min(lo[2], lo[3])));
    mvf_store(b, mvf_max(mvf_max(hi[0], hi[1]), mvf_max(hi[2], hi[3])));
    mv_end();
    for (j = 0; j < MVF_N; j++) {
        mv__in_range1(ends, a[j]);
        mv__in_range1(ends, b[j]);
    }
    for (; i < n; i++) mv__in_range1(ends, x[i]);
}
static void MV__K(mv__in_sum_f32)(mv__in_sum *t, const float *x, size_t n) {
    MV__K(mv__in_add_f32)(t, x, n, 0, NULL, 0, NULL);
}
static void MV__K(mv__in_some_f32)(mv__in_sum *t, const float *x, size_t n, const uint8_t *mask, int nonzero,
                  uint64_t *count) {
    MV__K(mv__in_add_f32)(t, x, n, 1, mask, nonzero, count);
}
/* Types that float holds exactly, scaled on the way; all values finite. The extremes are found as stored. */
#define MV__IN_SUM(T, name, LOAD, GET)                                                                       \
    static void MV__K(mv__in_sum_##name)(mv__in_sum *t, const void *src, size_t n, double slope,             \
                                         double inter, int scaled) {                                         \
        const T *x = (const T *)src;                                                                         \
        mvd s1[16 / MVD_N], s2[16 / MVD_N], d[2];                                                            \
        const mvd shift = mvd_set1(t->shift), factor = mvd_set1(slope), offset = mvd_set1(inter);            \
        mvf lo, hi, v;                                                                                       \
        float ends[2 * MVF_N];                                                                               \
        size_t i = 0, j;                                                                                     \
        int k, h;                                                                                            \
        if (n >= 16) lo = hi = LOAD(x);                                                                      \
        else lo = hi = mvf_zero();                                                                           \
        MV__UNROLL for (k = 0; k < 16 / MVD_N; k++) {                                                        \
            s1[k] = mvd_load(t->s1 + k * MVD_N);                                                             \
            s2[k] = mvd_load(t->s2 + k * MVD_N);                                                             \
        }                                                                                                    \
        for (; i + 16 <= n; i += 16) {                                                                       \
            mv_prefetch(x + i + MV__IN_AHEAD);                                                               \
            MV__UNROLL for (k = 0; k < 16 / MVF_N; k++) {                                                    \
                v = LOAD(x + i + k * MVF_N);                                                                 \
                lo = mvf_min(v, lo);                                                                         \
                hi = mvf_max(v, hi);                                                                         \
                d[0] = mvd_lo(v);                                                                            \
                d[1] = mvd_hi(v);                                                                            \
                MV__UNROLL for (h = 0; h < MVF_N / MVD_N; h++) {                                             \
                    if (scaled) d[h] = mvd_add(mvd_mul(d[h], factor), offset);                               \
                    d[h] = mvd_sub(d[h], shift);                                                             \
                    s1[k * (MVF_N / MVD_N) + h] = mvd_add(s1[k * (MVF_N / MVD_N) + h], d[h]);                \
                    s2[k * (MVF_N / MVD_N) + h] = mvd_add(s2[k * (MVF_N / MVD_N) + h], mvd_mul(d[h], d[h])); \
                }                                                                                            \
            }                                                                                                \
        }                                                                                                    \
        MV__UNROLL for (k = 0; k < 16 / MVD_N; k++) {                                                        \
            mvd_store(t->s1 + k * MVD_N, s1[k]);                                                             \
            mvd_store(t->s2 + k * MVD_N, s2[k]);                                                             \
        }                                                                                                    \
        mvf_store(ends, lo);                                                                                 \
        mvf_store(ends + MVF_N, hi);                                                                         \
        mv_end();                                                                                            \
        for (j = 0; i > 0 && j < 2 * MVF_N; j++)                                                             \
            mv__in_ends(t, scaled ? (double)ends[j] * slope + inter : (double)ends[j]);                      \
        for (j = 0; i < n; i++, j++) {                                                                       \
            double y = scaled ? (double)GET(x[i]) * slope + inter : (double)GET(x[i]), e = y - t->shift;     \
            t->s1[j] += e;                                                                                   \
            t->s2[j] += e * e;                                                                               \
            mv__in_ends(t, y);                                                                               \
        }                                                                                                    \
    }
#define MV__IN_FROM_U8(p) mvf_fromi(mvi_load_u8(p))
#define MV__IN_FROM_I8(p) mvf_fromi(mvi_load_i8(p))
#define MV__IN_FROM_U16(p) mvf_fromi(mvi_load_u16(p))
#define MV__IN_FROM_I16(p) mvf_fromi(mvi_load_i16(p))
MV__IN_SUM(uint8_t, u8, MV__IN_FROM_U8, (double))
MV__IN_SUM(int8_t, i8, MV__IN_FROM_I8, (double))
MV__IN_SUM(uint16_t, u16, MV__IN_FROM_U16, (double))
MV__IN_SUM(int16_t, i16, MV__IN_FROM_I16, (double))
MV__IN_SUM(uint16_t, f16, mvf_load_f16, (double)mv__f16_to_f32)
MV__IN_SUM(uint16_t, bf16, mvf_load_bf16, (double)mv__bf16_to_f32)
MV__IN_SUM(float, scaled, mvf_load, (double))
#undef MV__IN_SUM
#undef MV__IN_FROM_U8
#undef MV__IN_FROM_I8
#undef MV__IN_FROM_U16
#undef MV__IN_FROM_I16
static void MV__K(mv__in_sum_f64)(mv__in_sum *t, const double *x, size_t n) {
    mvd s1[16 / MVD_N], s2[16 / MVD_N], d, v;
    const mvd shift = mvd_set1(t->shift);
    mvd lo = mvd_set1(t->lo), hi = mvd_set1(t->hi);
    double a[MVD_N], b[MVD_N];
    size_t i = 0, j;
    int k;
    MV__UNROLL for (k = 0; k < 16 / MVD_N; k++) {
        s1[k] = mvd_load(t->s1 + k * MVD_N);
        s2[k] = mvd_load(t->s2 + k * MVD_N);
    }
    for (; i + 16 <= n; i += 16) {
        MV__UNROLL for (k = 0; k < 16 / MVD_N; k++) {
            v = mvd_load(x + i + k * MVD_N);
            lo = mvd_min(v, lo);
            hi = mvd_max(v, hi);
            d = mvd_sub(v, shift);
            s1[k] = mvd_add(s1[k], d);
            s2[k] = mvd_add(s2[k], mvd_mul(d, d));
        }
    }
    MV__UNROLL for (k = 0; k < 16 / MVD_N; k++) {
        mvd_store(t->s1 + k * MVD_N, s1[k]);
        mvd_store(t->s2 + k * MVD_N, s2[k]);
    }
    mvd_store(a, lo);
    mvd_store(b, hi);
    mv_end();
    for (j = 0; j < MVD_N; j++) {
        t->lo = a[j] < t->lo ? a[j] : t->lo;
        t->hi = b[j] > t->hi ? b[j] : t->hi;
    }
    for (j = 0; i < n; i++, j++) {
        double e = x[i] - t->shift;
        t->s1[j] += e;
        t->s2[j] += e * e;
        t->lo = x[i] < t->lo ? x[i] : t->lo;
        t->hi = x[i] > t->hi ? x[i] : t->hi;
    }
}
/* ---- moments of 8 and 16-bit integers, as integers; turned: with the upper bit flipped, which makes bytes
   unsigned and words signed ---- */
#if MV__PASS > 1
MV__INLINE void MV__K(mv__in_add_u8)(mvi *s, mvi v) {
    const mvi even = mvi_set1(0x00ff00ff), p = mvi_and(v, even), q = mvi_and(mvi_srl(v, 8), even);
    s[0] = mvi_add(s[0], mvi_dot_i16(mvi_add(p, q), mvi_set1(0x00010001)));
    s[1] = mvi_add(s[1], mvi_add(mvi_dot_i16(p, p), mvi_dot_i16(q, q)));
}
MV__INLINE void MV__K(mv__in_add_i16)(mvi *s, mvi v) {
    const mvi d = mvi_dot_i16(v, v); /* at most 2^31, without a sign */
    s[0] = mvi_add(s[0], mvi_dot_i16(v, mvi_set1(0x00010001)));
    s[1] = mvi_add(s[1], mvi_and(d, mvi_set1(0xffff)));
    s[2] = mvi_add(s[2], mvi_srl(d, 16));
}
#define MV__IN_WHOLES(T, name, TOPS)                                                                         \
    if (n >= MVF_N * PER) {                                                                                  \
        const mvi turn = mvi_set1(turned ? TOPS : 0);                                                        \
        mvi s[3], lo, hi, v;                                                                                 \
        int32_t sum[3 * MVF_N];                                                                              \
        T ends[2 * MVF_N * PER];                                                                             \
        size_t j;                                                                                            \
        s[0] = s[1] = s[2] = mvi_set1(0);                                                                    \
        lo = hi = mvi_xor(mvi_load((const int32_t *)src), turn);                                             \
        for (; i + MVF_N * PER <= n; i += MVF_N * PER) {                                                     \
            mv_prefetch(mv__ahead(x + i, MV__CV_AHEAD));                                                     \
            v = mvi_xor(mvi_load((const int32_t *)(const void *)(x + i)), turn);                             \
            lo = mvi_min_##name(lo, v);                                                                      \
            hi = mvi_max_##name(hi, v);                                                                      \
            MV__K(mv__in_add_##name)(s, v);                                                                  \
        }                                                                                                    \
        for (j = 0; j < 3; j++) mvi_store(sum + j * MVF_N, s[j]);                                            \
        mvi_store((int32_t *)(void *)ends, lo);                                                              \
        mvi_store((int32_t *)(void *)(ends + MVF_N * PER), hi);                                              \
        mv_end();                                                                                            \
        for (j = 0; j < MVF_N; j++) {                                                                        \
            t->s1 += sum[j];                                                                                 \
            t->s2 += sum[j + MVF_N] + ((int64_t)sum[j + 2 * MVF_N] << 16);                                   \
        }                                                                                                    \
        for (j = 0; j < 2 * MVF_N * PER; j++) mv__in_whole_ends(t, ends[j]);                                 \
    }
#else
#define MV__IN_WHOLES(T, name, TOPS)
#endif
#define MV__IN_WHOLE(T, name, TOP, TOPS)                                                                     \
    static void MV__K(mv__in_whole_##name)(mv__in_whole *t, const void *src, size_t n, int turned) {         \
        enum { PER = 4 / sizeof(T) };                                                                        \
        const int flip = turned ? TOP : 0;                                                                   \
        const T *x = (const T *)src;                                                                         \
        size_t i = 0;                                                                                        \
        t->s1 = t->s2 = 0;                                                                                   \
        t->lo = t->hi = x[0] ^ flip;                                                                         \
        MV__IN_WHOLES(T, name, TOPS)                                                                         \
        for (; i < n; i++) {                                                                                 \
            const int32_t v = x[i] ^ flip;                                                                   \
            t->s1 += v;                                                                                      \
            t->s2 += (int64_t)v * v;                                                                         \
            mv__in_whole_ends(t, v);                                                                         \
        }                                                                                                    \
    }
MV__IN_WHOLE(uint8_t, u8, 0x80, -0x7f7f7f80)
MV__IN_WHOLE(int16_t, i16, -32768, -0x7fff8000)
#undef MV__IN_WHOLE
#undef MV__IN_WHOLES
/* ---- maps. All arithmetic in double and rounded once, so that every level gives the same bits. ---- */
#define MV__IN_LINES(T, name, LO, HI, LOAD, V)                                                               \
    static void MV__K(mv__in_line_##name)(float *d, const void *src, size_t n, double slope, double inter,   \
                                          int scaled, const mv__in_line *a, int nt) {                        \
        const T *s = (const T *)src;                                                                         \
        const int moved = a->m != 0.0; /* x - 0 is x, but not x - -0: m is never that */                     \
        const mvd factor = mvd_set1(slope), offset = mvd_set1(inter), m = mvd_set1(a->m),                    \
                  k = mvd_set1(a->k), b = mvd_set1(a->b), lo = mvd_set1(a->lo), hi = mvd_set1(a->hi);        \
        size_t i = 0, head = nt ? mv__cv_head(d, MVF_N * sizeof(float), sizeof(float), n) : 0;               \
        for (; i < head; i++)                                                                                \
            d[i] = (float)mv__in_line1(scaled ? (double)s[i] * slope + inter : (double)s[i], a);             \
        for (; i + MVF_N <= n; i += MVF_N) {                                                                 \
            V v = LOAD(s + i);                                                                               \
            mvd x = LO(v), y = HI(v), p, q;                                                                  \
            mvf r;                                                                                           \
            if (scaled) {                                                                                    \
                x = mvd_add(mvd_mul(x, factor), offset);                                                     \
                y = mvd_add(mvd_mul(y, factor), offset);                                                     \
            }                                                                                                \
            p = moved ? mvd_sub(x, m) : x;                                                                   \
            q = moved ? mvd_sub(y, m) : y;                                                                   \
            p = mvd_add(mvd_mul(p, k), b);                                                                   \
            q = mvd_add(mvd_mul(q, k), b);                                                                   \
            if (a->clip) {                                                                                   \
                p = mvd_min(hi, mvd_max(lo, p)); /* in this order NaN stays */                               \
                q = mvd_min(hi, mvd_max(lo, q));                                                             \
            }                                                                                                \
            if (a->keep0) {                                                                                  \
                p = mvd_sel(mvd_eq(x, mvd_zero()), x, p);                                                    \
                q = mvd_sel(mvd_eq(y, mvd_zero()), y, q);                                                    \
            }                                                                                                \
            r = mvf_narrow(p, q);                                                                            \
            if (nt) mvf_stream(d + i, r);                                                                    \
            else mvf_store(d + i, r);                                                                        \
        }                                                                                                    \
        if (nt) mv_fence();                                                                                  \
        mv_end();                                                                                            \
        for (; i < n; i++)                                                                                   \
            d[i] = (float)mv__in_line1(scaled ? (double)s[i] * slope + inter : (double)s[i], a);             \
    }
MV__IN_LINES(uint8_t, u8, mvd_lo_i, mvd_hi_i, mvi_load_u8, mvi)
MV__IN_LINES(int8_t, i8, mvd_lo_i, mvd_hi_i, mvi_load_i8, mvi)
MV__IN_LINES(uint16_t, u16, mvd_lo_i, mvd_hi_i, mvi_load_u16, mvi)
MV__IN_LINES(int16_t, i16, mvd_lo_i, mvd_hi_i, mvi_load_i16, mvi)
MV__IN_LINES(float, f32, mvd_lo, mvd_hi, mvf_load, mvf)
#undef MV__IN_LINES
/* The same in float, the factor in two parts, for values so few that a trial tells whether all come out
   equal. */
#define MV__IN_QUICK(T, name)                                                                                \
    static void MV__K(mv__in_quick_##name)(float *d, const void *src, size_t n, double slope, double inter,  \
                                           int scaled, const mv__in_line *a, int nt) {                       \
        const T *s = (const T *)src;                                                                         \
        const double k = scaled ? slope * a->k : a->k;                                                       \
        const mvf m = mvf_set1(scaled ? (a->m - inter) / slope : a->m), b = mvf_set1(a->b),                  \
                  k0 = mvf_set1(k), k1 = mvf_set1(k - (double)(float)k), lo = mvf_set1(a->lo),               \
                  hi = mvf_set1(a->hi);                                                                      \
        size_t i = 0, head = nt ? mv__cv_head(d, MVF_N * sizeof(float), sizeof(float), n) : 0;               \
        for (; i < head; i++)                                                                                \
            d[i] = (float)mv__in_line1(scaled ? (double)s[i] * slope + inter : (double)s[i], a);             \
        for (; i + MVF_N <= n; i += MVF_N) {                                                                 \
            const mvf x = mvf_sub(mvf_fromi(mvi_load_##name(s + i)), m);                                     \
            mvf r = mvf_mad(x, k0, mvf_mad(x, k1, b));                                                       \
            if (a->clip) r = mvf_min(hi, mvf_max(lo, r));                                                    \
            if (nt) mvf_stream(d + i, r);                                                                    \
            else mvf_store(d + i, r);                                                                        \
        }                                                                                                    \
        if (nt) mv_fence();                                                                                  \
        mv_end();                                                                                            \
        for (; i < n; i++)                                                                                   \
            d[i] = (float)mv__in_line1(scaled ? (double)s[i] * slope + inter : (double)s[i], a);             \
    }
MV__IN_QUICK(uint8_t, u8)
MV__IN_QUICK(int8_t, i8)
#undef MV__IN_QUICK
static void MV__K(mv__in_line_f64)(double *d, size_t n, const mv__in_line *a) {
    const mvd m = mvd_set1(a->m), k = mvd_set1(a->k), b = mvd_set1(a->b), lo = mvd_set1(a->lo),
              hi = mvd_set1(a->hi);
    size_t i = 0;
    for (; i + MVD_N <= n; i += MVD_N) {
        mvd v = mvd_load(d + i), p = mvd_add(mvd_mul(mvd_sub(v, m), k), b);
        if (a->clip) p = mvd_min(hi, mvd_max(lo, p));
        if (a->keep0) p = mvd_sel(mvd_eq(v, mvd_zero()), v, p);
        mvd_store(d + i, p);
    }
    mv_end();
    for (; i < n; i++) d[i] = mv__in_line1(d[i], a);
}
/* below lo becomes `under`, above hi becomes `over`, the rest (NaN too) stays */
static void MV__K(mv__in_keep_f32)(float *d, const float *s, size_t n, float lo, float hi, float under,
                                   float over, int nt) {
    const mvf l = mvf_set1(lo), h = mvf_set1(hi), u = mvf_set1(under), o = mvf_set1(over);
    size_t i = 0, head = mv__cv_lead(d, s, MVF_N * sizeof(float), sizeof(float), n, nt);
    for (; i < head; i++) d[i] = s[i] < lo ? under : s[i] > hi ? over : s[i];
    for (; i + MVF_N <= n; i += MVF_N) {
        mvf v = mvf_load(s + i), r = mvf_sel(mvf_lt(v, l), u, mvf_sel(mvf_gt(v, h), o, v));
        if (nt) mvf_stream(d + i, r);
        else mvf_store(d + i, r);
    }
    if (nt) mv_fence();
    mv_end();
    for (; i < n; i++) d[i] = s[i] < lo ? under : s[i] > hi ? over : s[i];
}
static void MV__K(mv__in_inside_f32)(uint8_t *d, const float *s, size_t n, float lo, float hi, int nt) {
    size_t i = 0;
#if MV__PASS > 1
    const mvf l = mvf_set1(lo), h = mvf_set1(hi);
    const size_t head = nt ? mv__cv_head(d, MVF_N * sizeof(float), 1, n) : 0;
    int j;
    for (; i < head; i++) d[i] = (uint8_t)(s[i] >= lo && s[i] <= hi);
    for (; i + 4 * MVF_N <= n; i += 4 * MVF_N) {
        mvi v[4], r;
        MV__UNROLL for (j = 0; j < 4; j++) {
            const mvf x = mvf_load(s + i + j * MVF_N);
            mv_prefetch(mv__ahead(s + i + j * MVF_N, MV__CV_AHEAD));
            v[j] = mvi_sel(mvm_and(mvf_ge(x, l), mvf_le(x, h)), mvi_set1(1), mvi_set1(0));
        }
        r = mvi_pack_u8(v[0], v[1], v[2], v[3]);
        if (nt) mvi_stream((int32_t *)(void *)(d + i), r);
        else mvi_store((int32_t *)(void *)(d + i), r);
    }
    if (nt) mv_fence();
    mv_end();
#else
    (void)nt;
#endif
    for (; i < n; i++) d[i] = (uint8_t)(s[i] >= lo && s[i] <= hi);
}
#if MV__PASS > 1
#define MV__IN_KEEPS(T, name, PACK)                                                                          \
        enum { PER = 4 / sizeof(T), E = MVF_N * PER };                                                       \
        const mvi l = mvi_set1(lo), h = mvi_set1(hi), u = mvi_set1(under), o = mvi_set1(over);               \
        const size_t head = nt ? mv__cv_head(d, MVF_N * sizeof(float), sizeof(T), n) : 0;                    \
        int j;                                                                                               \
        for (; i < head; i++) d[i] = s[i] < lo ? under : s[i] > hi ? over : s[i];                            \
        for (; i + E <= n; i += E) {                                                                         \
            mvi v[PER], r;                                                                                   \
            mv_prefetch(mv__ahead(s + i, MV__CV_AHEAD));                                                     \
            MV__UNROLL for (j = 0; j < PER; j++) {                                                           \
                v[j] = mvi_load_##name(s + i + j * MVF_N);                                                   \
                v[j] = mvi_sel(mvi_gt(l, v[j]), u, mvi_sel(mvi_gt(v[j], h), o, v[j]));                       \
            }                                                                                                \
            r = PACK(v);                                                                                     \
            if (nt) mvi_stream((int32_t *)(void *)(d + i), r);                                               \
            else mvi_store((int32_t *)(void *)(d + i), r);                                                   \
        }                                                                                                    \
        if (nt) mv_fence();                                                                                  \
        mv_end();
#else
#define MV__IN_KEEPS(T, name, PACK) (void)nt;
#endif
#define MV__IN_KEEP(T, name, PACK)                                                                           \
    static void MV__K(mv__in_keep_##name)(T *d, const T *s, size_t n, int32_t lo, int32_t hi, T under,       \
                                          T over, int nt) {                                                  \
        size_t i = 0;                                                                                        \
        MV__IN_KEEPS(T, name, PACK)                                                                          \
        for (; i < n; i++) d[i] = s[i] < lo ? under : s[i] > hi ? over : s[i];                               \
    }
MV__IN_KEEP(uint8_t, u8, MV__CV_PACK_U8)
MV__IN_KEEP(int8_t, i8, MV__CV_PACK_I8)
MV__IN_KEEP(uint16_t, u16, MV__CV_PACK_U16)
MV__IN_KEEP(int16_t, i16, MV__CV_PACK_I16)
#undef MV__IN_KEEP
#undef MV__IN_KEEPS
/* ---- x^g for x >= 0: log2 by that of (1 + s) / (1 - s), s times a polynomial in s^2, and 2^f by another,
   both in double, within 2e-12 and 1e-10 (interpolated at Chebyshev's nodes): 0.51 ulp of float. Two vectors
   go side by side, step by step: one alone would wait for its own results. ---- */
#define MV__IN_HALVES (MVF_N / MVD_N)
#define MV__IN_WIDE (2 * MV__IN_HALVES) /* double vectors in two of float */
#define MV__IN_EACH(h) MV__UNROLL for (h = 0; h < MV__IN_WIDE; h++)
MV__INLINE void MV__K(mv__in_widen2)(mvd *d, mvf a, mvf b) {
    d[0] = mvd_lo(a);
    d[MV__IN_HALVES - 1] = mvd_hi(a); /* scalar: the same once more */
    d[MV__IN_HALVES] = mvd_lo(b);
    d[MV__IN_WIDE - 1] = mvd_hi(b);
}
MV__INLINE void MV__K(mv__in_narrow2)(mvf *x, const mvd *d) {
    x[0] = mvf_narrow(d[0], d[MV__IN_HALVES - 1]);
    x[1] = mvf_narrow(d[MV__IN_HALVES], d[MV__IN_WIDE - 1]);
}
/* p = (m * 2^e)^g */
MV__INLINE void MV__K(mv__in_exp2)(mvd *p, const mvd *m, const mvd *e, mvd g) {
    static const double at[5] = {2.885390081789993, 0.9617966734432283, 0.5770835677034892,
                                 0.411673658400816, 0.34071413665191197};
    static const double ex[8] = {1.0, 0.6931471805599453, 0.24022650922288757, 0.055504108839096185,
                                 0.009618056678524637, 0.001333350238616277, 1.546144469856913e-4,
                                 1.5297323760701075e-5};
    const mvd one = mvd_set1(1.0);
    mvd s[MV__IN_WIDE], z[MV__IN_WIDE], k[MV__IN_WIDE];
    int h, i;
    MV__IN_EACH(h) s[h] = mvd_div(mvd_sub(m[h], one), mvd_add(m[h], one));
    MV__IN_EACH(h) z[h] = mvd_mul(s[h], s[h]), p[h] = mvd_set1(at[4]);
    MV__UNROLL for (i = 3; i >= 0; i--)
        MV__IN_EACH(h) p[h] = mvd_add(mvd_mul(p[h], z[h]), mvd_set1(at[i]));
    MV__IN_EACH(h) p[h] = mvd_mul(g, mvd_add(e[h], mvd_mul(p[h], s[h])));
    MV__IN_EACH(h) p[h] = mvd_min(mvd_max(p[h], mvd_set1(-200.0)), mvd_set1(200.0));
    MV__IN_EACH(h) k[h] = mvd_round(p[h]);
    MV__IN_EACH(h) z[h] = mvd_sub(p[h], k[h]), p[h] = mvd_set1(ex[7]);
    MV__UNROLL for (i = 6; i >= 0; i--)
        MV__IN_EACH(h) p[h] = mvd_add(mvd_mul(p[h], z[h]), mvd_set1(ex[i]));
    MV__IN_EACH(h) p[h] = mvd_mul(p[h], mvd_pow2(k[h]));
}
MV__INLINE void MV__K(mv__in_pow)(mvf *x, mvd g) {
    mvf e[2], m[2], r[2];
    mvd me[MV__IN_WIDE], ee[MV__IN_WIDE], p[MV__IN_WIDE];
    int w;
    MV__UNROLL for (w = 0; w < 2; w++) {
        const mvm tiny = mvf_lt(x[w], mvf_set1(1.17549435e-38f)); /* subnormal: lift by 2^24 */
        mvi b = mvf_bits(mvf_sel(tiny, mvf_mul(x[w], mvf_set1(16777216.0f)), x[w]));
        b = mvi_add(b, mvi_set1(0x3f800000 - 0x3f3504f3));
        e[w] = mvf_sub(mvf_fromi(mvi_sub(mvi_srl(b, 23), mvi_set1(127))),
                       mvf_sel(tiny, mvf_set1(24.0f), mvf_zero()));
        /* sqrt(1/2) .. sqrt(2) */
        m[w] = mvi_asf(mvi_add(mvi_and(b, mvi_set1(0x7fffff)), mvi_set1(0x3f3504f3)));
    }
    MV__K(mv__in_widen2)(me, m[0], m[1]);
    MV__K(mv__in_widen2)(ee, e[0], e[1]);
    MV__K(mv__in_exp2)(p, me, ee, g);
    MV__K(mv__in_narrow2)(r, p);
    MV__UNROLL for (w = 0; w < 2; w++) /* 0, Inf and NaN stay */
        x[w] = mvf_sel(mvm_and(mvf_gt(x[w], mvf_zero()), mvf_le(x[w], mvf_set1(3.402823466e38f))), r[w],
                       x[w]);
}
MV__INLINE void MV__K(mv__in_gamma)(mvf *x, const mv__in_power *a) {
    const mvd g = mvd_set1(a->g), lo = mvd_set1(a->lo);
    mvd t[MV__IN_WIDE];
    mvf r[2];
    int w, h;
    if (a->mode == 1) {
        MV__K(mv__in_widen2)(t, x[0], x[1]);
        MV__IN_EACH(h) t[h] = mvd_mul(mvd_sub(t[h], lo), mvd_set1(a->scale));
        MV__K(mv__in_narrow2)(x, t);
    }
    MV__UNROLL for (w = 0; w < 2; w++) r[w] = a->mode == 2 ? mvf_abs(x[w]) : mvf_max(mvf_zero(), x[w]);
    MV__K(mv__in_pow)(r, g);
    if (a->mode == 1) {
        MV__K(mv__in_widen2)(t, r[0], r[1]);
        MV__IN_EACH(h) t[h] = mvd_add(mvd_mul(t[h], mvd_set1(a->range)), lo);
        MV__K(mv__in_narrow2)(r, t);
    }
    MV__UNROLL for (w = 0; w < 2; w++)
        x[w] = a->mode == 2 ? mvf_sel(mvf_lt(x[w], mvf_zero()), mvf_neg(r[w]), r[w]) : r[w];
}
#undef MV__IN_HALVES
#undef MV__IN_WIDE
#undef MV__IN_EACH
static void MV__K(mv__in_gamma_f32)(float *d, const float *s, size_t n, const mv__in_power *a) {
    float rest[2 * MVF_N] = {0};
    mvf x[2];
    size_t i = 0, j;
    for (; i + 2 * MVF_N <= n; i += 2 * MVF_N) {
        x[0] = mvf_load(s + i);
        x[1] = mvf_load(s + i + MVF_N);
        MV__K(mv__in_gamma)(x, a);
        mvf_store(d + i, x[0]);
        mvf_store(d + i + MVF_N, x[1]);
    }
    for (j = 0; i + j < n; j++) rest[j] = s[i + j];
    x[0] = mvf_load(rest);
    x[1] = mvf_load(rest + MVF_N);
    MV__K(mv__in_gamma)(x, a);
    mvf_store(rest, x[0]);
    mvf_store(rest + MVF_N, x[1]);
    mv_end();
    for (j = 0; i + j < n; j++) d[i + j] = rest[j];
}
/* ---- counting: places are worked out for a stretch, then counted. `way` entries lie between the 8 copies of
   a table that keep equal neighbours apart (0: one copy). ---- */
static void MV__K(mv__in_bump)(uint32_t *t, size_t way, const int32_t *at, size_t n) {
    size_t j, k;
    for (j = 0; j + 8 <= n; j += 8) {
        MV__UNROLL for (k = 0; k < 8; k++) t[k * way + (size_t)at[j + k]]++;
    }
    for (; j < n; j++) t[at[j]]++;
}
/* Places of 16 values. */
MV__INLINE void MV__K(mv__in_place)(int32_t *at, const float *p, const mv__in_bins *a) {
    const mvf lo = mvf_set1(a->lo), hi = mvf_set1(a->hi), near0 = mvf_set1(a->margin),
              near1 = mvf_set1(1.0f - a->margin);
    /* the least value, often most of the background, is in bin 0 without a doubt */
    const mvf sure = mvf_set1(a->edge[1] > a->lo ? a->lo : mv__bits_f32(0xff800000u));
    const mvi below = mvi_set1((int32_t)a->bins), above = mvi_set1((int32_t)a->bins + 1),
              nan = mvi_set1((int32_t)a->bins + 2), top = mvi_set1((int32_t)a->bins - 1);
    unsigned doubt = 0;
    int k;
    MV__UNROLL for (k = 0; k < 16 / MVF_N; k++) {
        mvf v = mvf_load(p + k * MVF_N), u = mvf_mul(mvf_sub(v, mvf_set1(a->origin)), mvf_set1(a->scale)), f;
        mvm out = mvm_not(mvm_and(mvf_ge(v, lo), mvf_le(v, hi)));
        mvi b;
        u = mvf_sel(out, mvf_set1(0.5f), u);
        b = mvi_trunc(u);
        f = mvf_sub(u, mvf_fromi(b));
        doubt |= mvm_bits(mvm_and(mvm_or(mvf_lt(f, near0), mvf_gt(f, near1)), mvf_gt(v, sure)));
        b = mvi_sel(out, mvi_sel(mvf_lt(v, lo), below, mvi_sel(mvf_isnan(v), nan, above)), b);
        mvi_store(at + k * MVF_N, b);
    }
    if (MV__LIKELY(doubt == 0)) return;
    MV__UNROLL for (k = 0; k < 16 / MVF_N; k++) { /* near an edge: the edges decide */
        mvf v = mvf_load(p + k * MVF_N), e0, e1;
        mvi b = mvi_load(at + k * MVF_N), i = mvi_max(mvi_min(b, top), mvi_set1(0)), to;
        mvf_gather2(a->edge, i, &e0, &e1);
        to = mvi_sel(mvm_and(mvf_ge(v, e1), mvi_gt(top, i)), mvi_add(i, mvi_set1(1)), i);
        to = mvi_sel(mvm_and(mvf_lt(v, e0), mvi_gt(i, mvi_set1(0))), mvi_sub(i, mvi_set1(1)), to);
        mvi_store(at + k * MVF_N, mvi_sel(mvm_and(mvf_ge(v, lo), mvf_le(v, hi)), to, b));
    }
}
static void MV__K(mv__in_hist_f32)(uint32_t *t, size_t way, const float *x, size_t n, const mv__in_bins *a) {
    int32_t at[MV__IN_STRETCH];
    float pad[16];
    size_t i, j, m;
    for (i = 0; i < n; i += m) {
        m = mv__minz(MV__IN_STRETCH, n - i);
        for (j = 0; j + 16 <= m; j += 16) {
            mv_prefetch(x + i + j + MV__IN_AHEAD);
            MV__K(mv__in_place)(at + j, x + i + j, a);
        }
        if (j < m) {
            mv__memset(pad, 0, sizeof pad);
            mv__memcpy(pad, x + i + j, (m - j) * sizeof(float));
            MV__K(mv__in_place)(at + j, pad, a);
        }
        MV__K(mv__in_bump)(t, way, at, m);
    }
    mv_end();
}
/* Digits of 32-bit keys in the order of the values: kind 0 float, 1 int32, 2 uint32. stage 0 counts the upper
   12 bits, 1 the middle 12 and 2 the lower 8 of those values whose upper bits are one of pre[0..np-1]. Others
   go to the 16 entries behind the np tables, NaN in stage 0 to the one behind those. The return value is 0
   when nothing in these 16 counts. */
MV__INLINE unsigned MV__K(mv__in_digit)(int32_t *at, const int32_t *p, int kind, int stage,
                                        const uint32_t *pre, size_t np) {
    const int32_t rest = stage == 2 ? (int32_t)np * 256 : (int32_t)np * 4096;
    const mvi top = mvi_set1(-0x7fffffff - 1), flip = kind == 1 ? top : mvi_set1(0);
    unsigned any = stage == 0;
    size_t j;
    int k;
    MV__UNROLL for (k = 0; k < 16 / MVF_N; k++) {
        mvi v = mvi_load(p + k * MVF_N), b = mvi_xor(v, flip), high, low, r;
        mvf f = mvi_asf(v);
        /* cppcheck-suppress shiftTooManyBitsSigned ; of the scalar level: compilers shift in the sign */
        if (kind == 0) b = mvi_xor(v, mvi_or(mvi_sra(v, 31), top));
        if (stage == 0) {
            r = mvi_srl(b, 20);
            if (kind == 0) r = mvi_sel(mvf_isnan(f), mvi_set1(rest + 16), r);
        } else {
            r = mvi_add(mvi_iota(), mvi_set1(rest + k * MVF_N));
            if (kind == 0) b = mvi_sel(mvf_isnan(f), mvi_set1(-1), b);
            high = stage == 1 ? mvi_srl(b, 20) : mvi_srl(b, 8);
            low = stage == 1 ? mvi_and(mvi_srl(b, 8), mvi_set1(4095)) : mvi_and(b, mvi_set1(255));
            for (j = 0; j < np; j++) {
                mvm hit = mvi_eq(high, mvi_set1((int32_t)pre[j]));
                any |= mvm_bits(hit);
                r = mvi_sel(hit, mvi_add(low, mvi_set1((int32_t)(stage == 1 ? j * 4096 : j * 256))), r);
            }
        }
        mvi_store(at + k * MVF_N, r);
    }
    return any;
}
MV__INLINE void MV__K(mv__in_digits_of)(uint32_t *t, size_t way, const unsigned char *x, size_t n, int kind,
                                        int stage, const uint32_t *pre, size_t np) {
    int32_t at[MV__IN_STRETCH], some[16];
    const int32_t *p;
    size_t i, fill;
    for (i = 0; i < n;) {
        for (fill = 0; fill < MV__IN_STRETCH && i + 16 <= n; i += 16) {
            if (MVF_N == 1) { /* plain loads must not read floats as integers */
                mv__memcpy(some, x + 4 * i, sizeof some);
                p = some;
            } else p = (const int32_t *)(const void *)(x + 4 * i);
            mv_prefetch(x + 4 * (i + MV__IN_AHEAD));
            if (MV__K(mv__in_digit)(at + fill, p, kind, stage, pre, np)) fill += 16;
        }
        MV__K(mv__in_bump)(t, way, at, fill);
        if (n - i >= 16) continue;
        mv__memset(some, 0, sizeof some);
        mv__memcpy(some, x + 4 * i, 4 * (n - i));
        MV__K(mv__in_digit)(at, some, kind, stage, pre, np);
        MV__K(mv__in_bump)(t, way, at, n - i);
        i = n;
    }
}
static void MV__K(mv__in_digits)(uint32_t *t, size_t way, const void *src, size_t n, int kind, int stage,
                                 const uint32_t *pre, size_t np) {
    const unsigned char *x = (const unsigned char *)src;
    if (kind == 0 && stage == 0) MV__K(mv__in_digits_of)(t, way, x, n, 0, 0, pre, np);
    else if (kind == 0 && stage == 1) MV__K(mv__in_digits_of)(t, way, x, n, 0, 1, pre, np);
    else MV__K(mv__in_digits_of)(t, way, x, n, kind, stage, pre, np);
    mv_end();
}
#else
/* ---- what takes part: a volume, a mask, one index of an axis; read in x-fastest order as runs of stored
   values ---- */
enum { MV__IN_BLOCK = 256 }; /* values a stage on the stack */
typedef struct mv__in_view {
    const unsigned char *data;
    mv_dtype type;
    size_t size, len, count; /* bytes a value, values a run, values in all */
    int nd, scaled;
    size_t dim[7], stride[7]; /* of the runs; stride 0: a mask that holds all along */
    double slope, inter;
} mv__in_view;
typedef struct mv__in_set {
    const mv_volume *src, *mask; /* mask may be NULL */
    int nonzero, axis;           /* axis -1: all at once */
    size_t parts;
} mv__in_set;
static void mv__in_view_init(mv__in_view *w, const mv_volume *v, const mv_volume *shape, int axis,
                             size_t index) {
    int d;
    mv__memset(w, 0, sizeof *w);
    w->type = v->dtype;
    w->size = mv_dtype_size(v->dtype);
    w->data = (const unsigned char *)v->data;
    w->len = w->count = 1;
    mv__vol_scaling(v, &w->slope, &w->inter);
    w->scaled = mv__scaled(w->slope, w->inter);
    for (d = 0; d < shape->ndim; d++) {
        size_t n = shape->dim[d], step = d < v->ndim && v->dim[d] > 1 ? (size_t)v->stride[d] : 0;
        if (d == axis) w->data += index * step * w->size;
        if (d == axis || n == 1) continue;
        w->count *= n;
        if (w->nd == 0 && step == w->len) w->len *= n;
        else w->dim[w->nd] = n, w->stride[w->nd++] = step;
    }
}
/* left: values to the run's end */
static const unsigned char *mv__in_at(const mv__in_view *w, size_t at, size_t *left) {
    size_t row = at / w->len, off = at % w->len;
    int d;
    *left = w->len - off;
    for (d = 0; d < w->nd; d++) {
        off += row % w->dim[d] * w->stride[d];
        row /= w->dim[d];
    }
    return w->data + off * w->size;
}
static void mv__in_get(const mv__in_view *w, double *d, const void *p, size_t n) { /* real values */
    mv__cv_getter(w->type)(d, p, n);
    if (w->scaled) MV__PICK(mv__cv_scale)(d, n, w->slope, w->inter);
}
typedef struct mv__in_iter {
    const mv__in_view *view, *mask;
    int nonzero;
    size_t at, end;
    unsigned char buf[MV__IN_BLOCK * 8];
} mv__in_iter;
static void mv__in_iter_init(mv__in_iter *it, const mv__in_view *view, const mv__in_view *mask, int nonzero,
                             size_t at, size_t end) {
    it->view = view;
    it->mask = mask;
    it->nonzero = nonzero;
    it->at = at;
    it->end = end;
}
/* keep[i]: value at + i of the mask is neither 0 nor NaN. The return value is 0 when there is none. */
static int mv__in_mask(const mv__in_view *mask, uint8_t *keep, size_t at, size_t n) {
    double t[MV__IN_BLOCK];
    size_t i, m, left;
    int any = 0;
    for (; n > 0; n -= m, at += m, keep += m) {
        const unsigned char *p = mv__in_at(mask, at, &left);
        m = mv__minz(n, left);
        if (mask->type == MEDVOL_U8 && !mask->scaled) {
            uint64_t w, all = 0;
            for (i = 0; i + 8 <= m; i += 8) { /* an empty stretch is common and quickly seen */
                mv__memcpy(&w, p + i, 8);
                all |= w;
            }
            for (; i < m; i++) all |= p[i];
            if (all == 0) { mv__memset(keep, 0, m); continue; }
            for (i = 0; i < m; i++) keep[i] = p[i] != 0;
            any = 1;
            continue;
        }
        mv__in_get(mask, t, p, m);
        for (i = 0; i < m; i++) any |= keep[i] = t[i] != 0.0 && t[i] == t[i];
    }
    return any;
}
static size_t mv__in_pick(const mv__in_iter *it, unsigned char *dst, const unsigned char *src, size_t n) {
    uint8_t keep[MV__IN_BLOCK];
    double t[MV__IN_BLOCK];
    size_t i, k = 0;
    if (!it->mask) mv__memset(keep, 1, n);
    else if (!mv__in_mask(it->mask, keep, it->at, n)) return 0;
    if (it->nonzero) {
        mv__in_get(it->view, t, src, n);
        for (i = 0; i < n; i++) keep[i] = (uint8_t)(keep[i] & (t[i] != 0.0));
    }
    switch (it->view->size) { /* store always, advance when chosen: no branch to guess */
#define MV__X(bytes, T) \
    case bytes: \
        for (i = 0; i < n; i++) { \
            ((T *)(void *)dst)[k] = ((const T *)(const void *)src)[i]; \
            k += keep[i]; \
        } \
        break;
        MV__X(1, uint8_t) MV__X(2, uint16_t) MV__X(4, uint32_t)
#undef MV__X
            default : for (i = 0; i < n; i++) {
            ((uint64_t *)(void *)dst)[k] = ((const uint64_t *)(const void *)src)[i];
            k += keep[i];
        }
    }
    return k;
}
/* The next chosen values, contiguous and as stored; every block but the last a multiple of 16. 0: the end. */
static size_t mv__in_next(mv__in_iter *it, const unsigned char **p) {
    const mv__in_view *w = it->view;
    size_t fill = 0, left, n = it->end - it->at;
    if (n == 0) return 0;
    *p = mv__in_at(w, it->at, &left);
    if (!it->mask && !it->nonzero && left >= n) {
        it->at = it->end;
        return n;
    }
    while (it->at < it->end && fill < MV__IN_BLOCK) {
        const unsigned char *q = mv__in_at(w, it->at, &left);
        n = mv__minz(mv__minz(left, it->end - it->at), MV__IN_BLOCK - fill);
        if (it->mask || it->nonzero) fill += mv__in_pick(it, it->buf + fill * w->size, q, n);
        else {
            mv__memcpy(it->buf + fill * w->size, q, n * w->size);
            fill += n;
        }
        it->at += n;
    }
    *p = it->buf;
    return fill;
}
static mv_status mv__in_begin(mv_ctx *ctx, const char *op, mv__in_set *s, const mv_volume *src,
                              const mv_volume *mask, const uint8_t *mask8, int nonzero, int split) {
    mv_status st = mv__vol_check_real(ctx, op, "src", src);
    int d;
    if (st < 0) return st;
    if (mask8)
        return mv__fail(ctx, MEDVOL_E_RANGE, "mask8", 0, -1, "%s: mask8 is for arrays: give a mask volume",
                        op);
    if (!(split >= 0 && split <= src->ndim))
        return mv__fail(ctx, MEDVOL_E_RANGE, "split", split, -1, "%s: split = %d: must be 0..%d", op, split,
                        src->ndim);
    if (mask) {
        if ((st = mv__vol_check_real(ctx, op, "mask", mask)) < 0) return st;
        for (d = 0; d < 7; d++) {
            size_t m = d < mask->ndim ? mask->dim[d] : 1, n = d < src->ndim ? src->dim[d] : 1;
            if (m != n && m != 1)
                return mv__fail(ctx, MEDVOL_E_SHAPE, "mask", (double)m, -1,
                                "%s: mask: dim[%d] = %zu: must be %zu or 1", op, d, m, n);
        }
    }
    s->src = src;
    s->mask = mask;
    s->nonzero = nonzero != 0;
    s->axis = split - 1;
    s->parts = split ? src->dim[split - 1] : 1;
    return MEDVOL_OK;
}
static void mv__in_views(const mv__in_set *s, size_t i, mv__in_view *v, mv__in_view *m) {
    mv__in_view_init(v, s->src, s->src, s->axis, i);
    if (!s->mask) return;
    mv__in_view_init(m, s->mask, s->src, s->axis, i);
    if (m->inter == 0.0) m->scaled = 0; /* a slope alone leaves 0 where it is */
}
/* An array as a volume of one axis. Only sources come through here as const. */
static mv_status mv__in_wrap(mv_ctx *ctx, const char *op, const char *name, mv_volume *v, const void *data,
                             mv_dtype type, size_t n) {
    if (!data) return mv__fail_null(ctx, op, name);
    if (n == 0) return mv__fail(ctx, MEDVOL_E_SIZE, "n", 0, -1, "%s: n = 0: must be at least 1", op);
    return mv_volume_wrap(ctx, v, (void *)(uintptr_t)data, type, 1, &n, NULL);
}
/* Mask bytes of an array call become its mask volume. */
static mv_status mv__in_mask8(mv_ctx *ctx, const char *op, mv_volume *v, const mv_volume **mask,
                              const uint8_t **mask8, size_t n) {
    mv_status st;
    if (!*mask8) return MEDVOL_OK;
    if (*mask) return mv__fail(ctx, MEDVOL_E_RANGE, "mask", 0, -1, "%s: give mask or mask8, not both", op);
    if ((st = mv__in_wrap(ctx, op, "mask8", v, *mask8, MEDVOL_U8, n)) < 0) return st;
    *mask = v;
    *mask8 = NULL;
    return MEDVOL_OK;
}

/* ---- statistics ---- */
/* Real values at .. at + n - 1 (n <= block) and which of them are chosen and finite; the others are counted
   into p. */
static size_t mv__in_fetch(const mv__in_view *v, const mv__in_view *mask, int nonzero, size_t at, size_t n,
                           double *x, uint8_t *keep, mv_stats_part *p) {
    size_t i, m, left, kept = 0;
    if (keep && mask) {
        if (!mv__in_mask(mask, keep, at, n)) return 0;
    } else if (keep) mv__memset(keep, 1, n);
    for (i = 0; i < n; i += m) {
        const unsigned char *q = mv__in_at(v, at + i, &left);
        m = mv__minz(left, n - i);
        mv__in_get(v, x + i, q, m);
    }
    if (!keep) return n;
    for (i = 0; i < n; i++) {
        if (nonzero && x[i] == 0.0) keep[i] = 0;
        if (keep[i] && !mv__finite(x[i])) {
            keep[i] = 0;
            if (x[i] != x[i]) p->nan++;
            else if (x[i] > 0) p->above++;
            else p->below++;
        }
        kept += keep[i];
    }
    return kept;
}
static int mv__in_fine(const mv__in_sum *t) {
    int i;
    for (i = 0; i < 16; i++)
        if (!mv__finite(t->s2[i])) return 0;
    return 1;
}
/* The shift: the mean of the first block with values, in few bits so that differences are exact, and within
   what was seen. The sum of squares about it is at most 1 + chunk / block's values times the one about the
   mean. 0: no value, p has counted why. */
static int mv__in_shift(mv__in_sum *t, mv_stats_part *p, const mv__in_view *v, const mv__in_view *mask,
                        int nonzero, size_t at, size_t end) {
    double x[MV__IN_BLOCK], mean;
    uint8_t keep[MV__IN_BLOCK];
    size_t i, k = 0, m;
    mv__memset(t, 0, sizeof *t);
    if (!mask && !nonzero) { /* as if all were finite */
        k = mv__in_fetch(v, NULL, 0, at, mv__minz(MV__IN_BLOCK, end - at), x, NULL, p);
        t->shift = t->lo = t->hi = x[0];
        MV__PICK(mv__in_sum_f64)(t, x, k);
    }
    if (mask || nonzero || !mv__in_fine(t)) {
        for (k = 0; at < end && k == 0; at += m) {
            m = mv__minz(MV__IN_BLOCK, end - at);
            if (mv__in_fetch(v, mask, nonzero, at, m, x, keep, p) == 0) continue;
            for (i = 0; i < m; i++)
                if (keep[i]) x[k++] = x[i];
        }
        mv__memset(t, 0, sizeof *t);
        if (k == 0) return 0;
        t->shift = t->lo = t->hi = x[0];
        MV__PICK(mv__in_sum_f64)(t, x, k);
    }
    mean = x[0] + mv__fold16(t->s1) / (double)k;
    if (fabs(mean) <= 3.4028234e38) mean = (double)(float)mean;
    mean = mean > t->lo ? mean : t->lo;
    mean = mean < t->hi ? mean : t->hi;
    mv__memset(t, 0, sizeof *t);
    t->shift = mean;
    t->lo = t->hi = x[0];
    return 1;
}
/* An unscaled run of 8 or 16-bit integers, all of it chosen, when the shift is a multiple of 1/256: 1 when
   done. Nothing rounds but the sum of squares, once, where 53 bits do not hold it. */
static int mv__in_chunk_whole(mv__in_sum *t, const mv__in_view *v, const void *x, size_t n) {
    const double unit = t->shift * 256.0;
    const int64_t bias = v->type == MEDVOL_I8 ? 128 : v->type == MEDVOL_U16 ? -32768 : 0, count = (int64_t)n;
    mv__in_whole w;
    int64_t at, c, f, s1, s2;
    if (v->scaled || unit != mv__rint(unit)) return 0;
    switch (v->type) {
        case MEDVOL_U8: MV__PICK(mv__in_whole_u8)(&w, x, n, 0); break;
        case MEDVOL_I8: MV__PICK(mv__in_whole_u8)(&w, x, n, 1); break;
        case MEDVOL_I16: MV__PICK(mv__in_whole_i16)(&w, x, n, 0); break;
        case MEDVOL_U16: MV__PICK(mv__in_whole_i16)(&w, x, n, 1); break;
        default: return 0;
    }
    at = (int64_t)unit + bias * 256;
    c = at / 256, f = at % 256; /* first about the whole number, so that 64 bits do */
    s1 = w.s1 - count * c;
    s2 = w.s2 - 2 * c * w.s1 + count * c * c;
    t->s1[0] = (double)(256 * s1 - count * f) / 256.0;
    t->s2[0] = (double)(256 * s2 - 2 * f * s1) / 256.0 + (double)(count * f * f) / 65536.0;
    mv__in_ends(t, (double)(w.lo - bias));
    mv__in_ends(t, (double)(w.hi - bias));
    return 1;
}
/* A run of a type that float holds, all of it chosen: 1 when it was finite and is done. */
static int mv__in_chunk_run(mv__in_sum *t, const mv__in_view *v, const void *x, size_t n) {
    if (mv__in_chunk_whole(t, v, x, n)) return 1;
    switch (v->type) {
#define MV__X(T, name) \
    case MEDVOL_##T: MV__PICK(mv__in_sum_##name)(t, x, n, v->slope, v->inter, v->scaled); break;
        MV__X(U8, u8) MV__X(I8, i8) MV__X(U16, u16) MV__X(I16, i16) MV__X(F16, f16) MV__X(BF16, bf16)
#undef MV__X
        case MEDVOL_F32:
            if (v->scaled) MV__PICK(mv__in_sum_scaled)(t, x, n, v->slope, v->inter, 1);
            else MV__PICK(mv__in_sum_f32)(t, (const float *)x, n);
            break;
        default: return 0;
    }
    return mv__in_fine(t);
}
/* What lies in one run and suits the vectors: 1 when done. First as if all were finite; a sum that is not
   tells. */
static int mv__in_chunk_fast(mv__in_sum *t, mv_stats_part *p, const mv__in_view *v, const mv__in_view *mask,
                             int nonzero, size_t at, size_t n) {
    const mv__in_sum start = *t;
    const uint8_t *keep = NULL;
    uint64_t count[3] = {0, 0, 0};
    size_t i, left;
    const void *run = mv__in_at(v, at, &left);
    const float *x = (const float *)run;
    if (left < n) return 0;
    if (!mask && !nonzero) {
        p->n = n;
        if (mv__in_chunk_run(t, v, run, n)) return 1;
        p->n = 0;
        *t = start;
    }
    if (v->type != MEDVOL_F32 || v->scaled) return 0;
    if (mask) {
        keep = mv__in_at(mask, at, &left);
        if (mask->type != MEDVOL_U8 || mask->scaled || left < n) return 0;
    }
    MV__PICK(mv__in_some_f32)(t, x, n, keep, nonzero, count);
    p->n = count[0];
    p->nan = count[1];
    for (i = 0; i < n && count[2] > count[1]; i++) {
        if (mv__finite((double)x[i]) || x[i] != x[i] || (keep && !keep[i])) continue;
        if (x[i] > 0) p->above++;
        else p->below++;
    }
    return 1;
}
static void mv__in_chunk_any(mv__in_sum *t, mv_stats_part *p, const mv__in_view *v, const mv__in_view *mask,
                             int nonzero, size_t at, size_t end) {
    const mv__in_sum start = *t;
    double x[MV__IN_BLOCK] = {0};
    uint8_t keep[MV__IN_BLOCK];
    size_t b, i, m;
    int plain = !mask && !nonzero;
    for (;;) {
        for (b = at; b < end; b += m) {
            m = mv__minz(MV__IN_BLOCK, end - b);
            /* cppcheck-suppress legacyUninitvar ; filled here where it is read */
            p->n += mv__in_fetch(v, mask, nonzero, b, m, x, plain ? NULL : keep, p);
            for (i = 0; !plain && i < m; i++) x[i] = keep[i] ? x[i] : t->shift;
            MV__PICK(mv__in_sum_f64)(t, x, m);
        }
        if (!plain || mv__in_fine(t)) return;
        plain = 0; /* again, with care */
        *t = start;
        mv__memset(p, 0, sizeof *p);
    }
}
static void mv__in_chunk(mv_stats_part *p, const mv__in_view *v, const mv__in_view *mask, int nonzero,
                         size_t at, size_t end) {
    mv__in_sum t;
    double s1, s2, n;
    mv__memset(p, 0, sizeof *p);
    if (!mv__in_shift(&t, p, v, mask, nonzero, at, end)) return;
    mv__memset(p, 0, sizeof *p);
    if (!mv__in_chunk_fast(&t, p, v, mask, nonzero, at, end - at))
        mv__in_chunk_any(&t, p, v, mask, nonzero, at, end);
    n = (double)p->n;
    s1 = mv__fold16(t.s1);
    s2 = mv__fold16(t.s2);
    p->sum = t.shift * n + s1;
    p->mean = t.shift + s1 / n;
    p->m2 = s2 - s1 * s1 / n;
    if (p->m2 < 0.0) p->m2 = 0.0;
    p->min = t.lo + 0.0; /* -0 becomes 0: which of the two comes out would depend on the level */
    p->max = t.hi + 0.0;
}
/* Of a chunk only min and max, where that is less work; n then counts NaN, too. */
static int mv__in_chunk_range(mv_stats_part *p, const mv__in_view *v, size_t at, size_t n) {
    size_t left;
    const void *run = mv__in_at(v, at, &left);
    float ends[2];
    if (v->type != MEDVOL_F32 || v->scaled || left < n) return 0;
    MV__PICK(mv__in_range_f32)(ends, (const float *)run, n);
    if (!mv__finite((double)ends[0]) || !mv__finite((double)ends[1])) return 0;
    mv__memset(p, 0, sizeof *p);
    p->n = n;
    p->min = (double)ends[0] + 0.0;
    p->max = (double)ends[1] + 0.0;
    return 1;
}
static void mv__in_merge(mv_stats_part *a, const mv_stats_part *b) {
    double na = (double)a->n, nb = (double)b->n, d = b->mean - a->mean;
    a->nan += b->nan;
    a->above += b->above;
    a->below += b->below;
    if (b->n == 0) return;
    if (a->n == 0) {
        a->n = b->n, a->sum = b->sum, a->mean = b->mean, a->m2 = b->m2, a->min = b->min, a->max = b->max;
        return;
    }
    a->n += b->n;
    a->sum += b->sum;
    a->mean += d * (nb / (na + nb));
    a->m2 += b->m2 + d * d * (na * (nb / (na + nb)));
    if (b->min < a->min) a->min = b->min;
    if (b->max > a->max) a->max = b->max;
}
static mv_status mv__in_finish(mv_ctx *ctx, const char *op, mv_statistics *s, const mv_stats_part *p) {
    double inf = HUGE_VAL, n = (double)p->n;
    mv__memset(s, 0, sizeof *s);
    s->inf = p->above + p->below;
    s->count = p->n + s->inf;
    s->nan = p->nan;
    if (s->count == 0)
        return mv__fail(ctx, MEDVOL_E_EMPTY, "count", 0, -1,
                        "%s: no value is left: the mask or nonzero keeps %llu, all NaN", op,
                        (unsigned long long)p->nan);
    s->min = p->below || !p->n ? (p->below ? -inf : inf) : p->min;
    s->max = p->above || !p->n ? (p->above ? inf : -inf) : p->max;
    if (s->inf) {
        s->sum = s->mean = p->above ? (p->below ? inf - inf : inf) : -inf;
        s->variance = s->variance_sample = s->sd = s->sd_sample = inf - inf;
        s->rms = inf;
        return MEDVOL_OK;
    }
    s->sum = p->sum;
    s->mean = p->mean;
    s->variance = p->m2 / n;
    s->variance_sample = p->n > 1 ? p->m2 / (n - 1.0) : 0.0;
    s->sd = sqrt(s->variance);
    s->sd_sample = sqrt(s->variance_sample);
    s->rms = sqrt(s->variance + p->mean * p->mean);
    return MEDVOL_OK;
}
typedef struct mv__in_stats_arg {
    mv__in_view view, mask;
    int has_mask, nonzero, range;
    mv_stats_part *part;
} mv__in_stats_arg;
static void mv__in_stats_job(void *arg, size_t i) {
    const mv__in_stats_arg *g = (const mv__in_stats_arg *)arg;
    size_t at = i * MEDVOL_STATS_CHUNK, end = mv__minz(g->view.count, at + MEDVOL_STATS_CHUNK);
    if (g->range && mv__in_chunk_range(&g->part[i], &g->view, at, end - at)) return;
    mv__in_chunk(&g->part[i], &g->view, g->has_mask ? &g->mask : NULL, g->nonzero, at, end);
}
/* Moments of index i of the set, merged; range: only min, max and whether n is 0 are wanted. */
static mv_status mv__in_moments(mv_ctx *ctx, const mv__in_set *s, size_t i, int range, mv_stats_part *total) {
    mv__in_stats_arg g;
    mv_stats_part few[16];
    size_t k, n;
    mv_status st;
    mv__in_views(s, i, &g.view, &g.mask);
    g.has_mask = s->mask != NULL;
    g.nonzero = s->nonzero;
    g.range = range && !g.has_mask && !g.nonzero;
    n = mv__divup(g.view.count, MEDVOL_STATS_CHUNK);
    g.part = n <= 16 ? few : (mv_stats_part *)mv__alloc(ctx, n * sizeof(mv_stats_part));
    if (!g.part) return MEDVOL_E_NOMEM;
    st = mv_parallel_for(ctx, n, mv__in_stats_job, &g, "statistics");
    mv__memset(total, 0, sizeof *total);
    for (k = 0; k < n && st == MEDVOL_OK; k++) mv__in_merge(total, &g.part[k]);
    if (g.part != few) mv__free(ctx, g.part);
    return st;
}
MEDVOL_DEF mv_status mv_stats(mv_ctx *ctx, mv_statistics *out, const mv_volume *src,
                              const mv_stats_opt *opt) {
    mv__in_set set;
    mv_stats_part total;
    mv_statistics one, *all;
    size_t i;
    mv_status st;
    if (!out) return mv__fail_null(ctx, "stats", "out");
    st = mv__in_begin(ctx, "stats", &set, src, opt ? opt->mask : NULL, opt ? opt->mask8 : NULL,
                      opt ? opt->nonzero : 0, opt ? opt->split : 0);
    if (st < 0) return st;
    all = set.parts > 1 ? (mv_statistics *)mv__alloc(ctx, set.parts * sizeof one) : &one;
    if (!all) return MEDVOL_E_NOMEM;
    for (i = 0; i < set.parts && st == MEDVOL_OK; i++) {
        st = mv__in_moments(ctx, &set, i, 0, &total);
        if (st == MEDVOL_OK) st = mv__in_finish(ctx, "stats", &all[i], &total);
    }
    if (st == MEDVOL_OK) mv__memcpy(out, all, set.parts * sizeof one);
    if (all != &one) mv__free(ctx, all);
    return st;
}
MEDVOL_DEF mv_status mv_stats_array(mv_ctx *ctx, mv_statistics *out, const void *src, mv_dtype dtype,
                                    size_t n, double slope, double inter, const mv_stats_opt *opt) {
    mv_volume v, m;
    mv_stats_opt o;
    mv_status st;
    mv__memset(&o, 0, sizeof o);
    if (opt) o = *opt;
    if ((st = mv__in_wrap(ctx, "stats", "src", &v, src, dtype, n)) < 0) return st;
    if ((st = mv__in_mask8(ctx, "stats", &m, &o.mask, &o.mask8, n)) < 0) return st;
    v.slope = slope, v.inter = inter;
    return mv_stats(ctx, out, &v, &o);
}
MEDVOL_DEF mv_status mv_stats_f32(mv_ctx *ctx, mv_statistics *out, const float *src, size_t n,
                                  const mv_stats_opt *opt) {
    return mv_stats_array(ctx, out, src, MEDVOL_F32, n, 1.0, 0.0, opt);
}
MEDVOL_DEF mv_status mv_stats_partial(mv_ctx *ctx, mv_stats_part *part, const void *src, mv_dtype dtype,
                                      size_t n, double slope, double inter, const mv_stats_opt *opt) {
    mv_volume v, m;
    mv_stats_opt o;
    mv__in_set set;
    mv__in_view view, mask;
    mv_status st;
    mv__memset(&o, 0, sizeof o);
    if (opt) o = *opt;
    if (!part) return mv__fail_null(ctx, "stats_partial", "part");
    if (n > MEDVOL_STATS_CHUNK)
        return mv__fail(ctx, MEDVOL_E_SIZE, "n", (double)n, -1, "stats_partial: n = %zu: must be 1..%d", n,
                        MEDVOL_STATS_CHUNK);
    if ((st = mv__in_wrap(ctx, "stats_partial", "src", &v, src, dtype, n)) < 0) return st;
    if ((st = mv__in_mask8(ctx, "stats_partial", &m, &o.mask, &o.mask8, n)) < 0) return st;
    v.slope = slope, v.inter = inter;
    if ((st = mv__in_begin(ctx, "stats_partial", &set, &v, o.mask, NULL, o.nonzero, 0)) < 0) return st;
    mv__in_views(&set, 0, &view, &mask);
    mv__in_chunk(part, &view, set.mask ? &mask : NULL, set.nonzero, 0, n);
    return MEDVOL_OK;
}
MEDVOL_DEF mv_status mv_stats_fold(mv_ctx *ctx, mv_statistics *out, const mv_stats_part *parts, size_t n) {
    mv_stats_part total;
    mv_statistics s;
    size_t i;
    mv_status st;
    if (!out || !parts) return mv__fail_null(ctx, "stats_fold", out ? "parts" : "out");
    if (n == 0) return mv__fail(ctx, MEDVOL_E_SIZE, "n", 0, -1, "stats_fold: n = 0: must be at least 1");
    mv__memset(&total, 0, sizeof total);
    for (i = 0; i < n; i++) mv__in_merge(&total, &parts[i]);
    if ((st = mv__in_finish(ctx, "stats_fold", &s, &total)) == MEDVOL_OK) *out = s;
    return st;
}

/* ---- counting the digits of order-preserving keys ---- */
typedef struct mv__in_count {
    mv__in_view view, mask;
    int has_mask, nonzero, stage, bits, shift;
    size_t np, entries, ways, jobs;
    const uint64_t *pre;
    const uint32_t *pre32, *first; /* first[k]: the first prefix whose upper 12 bits are k or more */
    uint32_t *table; /* jobs * ways * entries */
    uint64_t *total; /* entries */
    const mv__in_bins *bins; /* histograms of floats, else NULL */
    double lo, hi;           /* histograms through double */
    int histogram;
} mv__in_count;
static int mv__in_kind(mv_dtype t) { return t == MEDVOL_F32 ? 0 : t == MEDVOL_I32 ? 1 : 2; }
static uint64_t mv__in_key64(mv_dtype t, uint64_t b, int *nan) {
    const uint64_t top = (uint64_t)1 << 63;
    *nan = 0;
    if (t == MEDVOL_U64) return b;
    if (t == MEDVOL_I64) return b ^ top;
    *nan = (b & ~top) > (uint64_t)0x7ff << 52;
    return *nan ? UINT64_MAX : (b & top) != 0 ? ~b : b | top;
}
static unsigned mv__in_key16(mv_dtype t, unsigned b, int *nan) {
    *nan = 0;
    if (t == MEDVOL_U16) return b;
    if (t == MEDVOL_I16) return b ^ 0x8000u;
    *nan = (b & 0x7fffu) > (t == MEDVOL_F16 ? 0x7c00u : 0x7f80u);
    return (b & 0x8000u) != 0 ? b ^ 0xffffu : b | 0x8000u;
}
static double mv__in_unkey(mv_dtype t, uint64_t key) { /* the stored value of a key */
    const uint64_t top = (uint64_t)1 << 63;
    double d;
    uint64_t b;
    unsigned h = (unsigned)(key & 0xffffu), h16 = h ^ ((h & 0x8000u) != 0 ? 0x8000u : 0xffffu);
    switch (t) {
        case MEDVOL_U8: case MEDVOL_U16: case MEDVOL_U32: case MEDVOL_U64: return (double)key;
        case MEDVOL_I8: return (double)key - 128.0;
        case MEDVOL_I16: return (double)key - 32768.0;
        case MEDVOL_I32: return (double)key - 2147483648.0;
        case MEDVOL_I64: return (key & top) != 0 ? (double)(key ^ top) : -(double)(top - key);
        case MEDVOL_F16: return (double)mv__f16_to_f32((uint16_t)h16);
        case MEDVOL_BF16: return (double)mv__bf16_to_f32((uint16_t)h16);
        case MEDVOL_F32:
            return (double)mv__bits_f32((uint32_t)((key & 0x80000000u) != 0 ? key ^ 0x80000000u : ~key));
        default:
            b = (key & top) != 0 ? key ^ top : ~key;
            mv__memcpy(&d, &b, 8);
            return d;
    }
}
/* of a 32 or 64-bit type; NaN above all */
static uint64_t mv__in_key(mv_dtype t, const unsigned char *p, int *nan) {
    uint32_t w;
    uint64_t b;
    *nan = 0;
    if (t == MEDVOL_F32 || t == MEDVOL_I32 || t == MEDVOL_U32) {
        mv__memcpy(&w, p, 4);
        if (t == MEDVOL_U32) return w;
        if (t == MEDVOL_I32) return w ^ 0x80000000u;
        *nan = (w & 0x7fffffffu) > 0x7f800000u;
        return *nan ? 0xffffffffu : w & 0x80000000u ? ~w : w | 0x80000000u;
    }
    mv__memcpy(&b, p, 8);
    return mv__in_key64(t, b, nan);
}
/* Any stage of 64-bit types, later ones with many prefixes of 32-bit types: the upper 12 bits lead to few
   prefixes, among which to search. */
static void mv__in_count_many(const mv__in_count *g, uint32_t *t, const unsigned char *p, size_t n) {
    const uint64_t digit = ((uint64_t)1 << g->bits) - 1;
    const int top = 8 * (int)g->view.size - 12;
    size_t i, lo, hi, rest = g->np << g->bits;
    for (i = 0; i < n; i++) {
        int nan;
        uint64_t key = mv__in_key(g->view.type, p + i * g->view.size, &nan), b;
        if (g->stage == 0) {
            t[nan ? rest + 16 : (size_t)(key >> g->shift)]++;
            continue;
        }
        lo = g->first[key >> top];
        hi = g->first[(key >> top) + 1];
        if (lo == hi) continue;
        b = key >> g->shift >> g->bits;
        while (hi - lo > 1) { /* the last prefix that is not above */
            size_t mid = (lo + hi) / 2;
            if (g->pre[mid] <= b) lo = mid;
            else hi = mid;
        }
        if (g->pre[lo] == b) t[(lo << g->bits) + (size_t)(key >> g->shift & digit)]++;
    }
}
static void mv__in_count_16(const mv__in_count *g, uint32_t *t, const unsigned char *p, size_t n) {
    const uint16_t *s = (const uint16_t *)(const void *)p;
    size_t i, k, way = g->ways > 1 ? g->entries : 0, last = g->entries - 8;
    mv_dtype type = g->view.type;
    int nan;
    if (type == MEDVOL_U16 || type == MEDVOL_I16) {
        const unsigned flip = type == MEDVOL_I16 ? 0x8000u : 0;
        for (i = 0; i + 4 <= n; i += 4)
            for (k = 0; k < 4; k++) t[k * way + (s[i + k] ^ flip)]++;
        for (; i < n; i++) t[s[i] ^ flip]++;
        return;
    }
    for (i = 0; i < n; i++) {
        k = mv__in_key16(type, s[i], &nan);
        t[(i & 3) * way + (nan ? last : k)]++;
    }
}
static void mv__in_count_8(const mv__in_count *g, uint32_t *t, const unsigned char *p, size_t n) {
    const unsigned flip = g->view.type == MEDVOL_I8 ? 0x80u : 0;
    size_t i, k, way = g->entries;
    for (i = 0; i + 4 <= n; i += 4)
        for (k = 0; k < 4; k++) t[k * way + (p[i + k] ^ flip)]++;
    for (; i < n; i++) t[p[i] ^ flip]++;
}
/* Bin of x: 0..bins-1, bins below, bins + 1 above, bins + 2 NaN. The quotient is at most one off, the edges
   decide. */
static double mv__in_edge(double lo, double hi, size_t bins, size_t k) {
    return k == bins ? hi : (double)k * ((hi - lo) / (double)bins) + lo;
}
static size_t mv__in_bin(double x, double lo, double hi, size_t bins) {
    double u;
    size_t k;
    if (x != x) return bins + 2;
    if (x < lo) return bins;
    if (x > hi) return bins + 1;
    u = (x - lo) / (hi - lo) * (double)bins;
    k = u < 0 ? 0 : u >= (double)bins ? bins - 1 : (size_t)u;
    while (k > 0 && x < mv__in_edge(lo, hi, bins, k)) k--;
    while (k + 1 < bins && x >= mv__in_edge(lo, hi, bins, k + 1)) k++;
    return k;
}
static void mv__in_count_bins(const mv__in_count *g, uint32_t *t, const unsigned char *p, size_t n) {
    double x[MV__IN_BLOCK];
    size_t i, j, m;
    for (i = 0; i < n; i += m) {
        m = mv__minz(MV__IN_BLOCK, n - i);
        mv__in_get(&g->view, x, p + i * g->view.size, m);
        for (j = 0; j < m; j++) t[mv__in_bin(x[j], g->lo, g->hi, g->np)]++;
    }
}
static void mv__in_count_job(void *arg, size_t job) {
    const mv__in_count *g = (const mv__in_count *)arg;
    size_t chunks = mv__divup(g->view.count, MV__CHUNK), each = chunks / g->jobs, more = chunks % g->jobs, n;
    size_t first = each * job + mv__minz(job, more), at = first * MV__CHUNK;
    size_t end = mv__minz(g->view.count, (first + each + (job < more)) * MV__CHUNK),
           way = g->ways > 1 ? g->entries : 0;
    uint32_t *t = g->table + job * g->ways * g->entries;
    const unsigned char *p;
    mv__in_iter it;
    mv__memset(t, 0, g->ways * g->entries * sizeof *t);
    mv__in_iter_init(&it, &g->view, g->has_mask ? &g->mask : NULL, g->nonzero, at, end);
    while ((n = mv__in_next(&it, &p)) != 0) {
        if (g->histogram && g->bins)
            MV__PICK(mv__in_hist_f32)(t, way, (const float *)(const void *)p, n, g->bins);
        else if (g->histogram) mv__in_count_bins(g, t, p, n);
        else if (g->view.size == 1) mv__in_count_8(g, t, p, n);
        else if (g->view.size == 2) mv__in_count_16(g, t, p, n);
        else if (g->view.size == 4 && g->np <= 24)
            MV__PICK(mv__in_digits)(t, way, p, n, mv__in_kind(g->view.type), g->stage, g->pre32, g->np);
        else mv__in_count_many(g, t, p, n);
    }
}
enum { MV__IN_TOTALS = 8192 }; /* totals a job */
static void mv__in_total_job(void *arg, size_t job) {
    const mv__in_count *g = (const mv__in_count *)arg;
    size_t at = job * MV__IN_TOTALS, n = mv__minz(g->entries - at, MV__IN_TOTALS), tables = g->ways * g->jobs,
           i, k;
    const uint32_t *t = g->table + at;
    uint64_t *total = g->total + at;
    mv__memset(total, 0, n * sizeof *total);
    for (k = 0; k < tables; k++, t += g->entries)
        for (i = 0; i < n; i++) total[i] += t[i];
}
/* Runs the count g describes; *sum becomes a new block of g->entries totals. */
static mv_status mv__in_count_run(mv_ctx *ctx, mv__in_count *g, uint64_t **sum, const char *label) {
    size_t chunks = mv__divup(g->view.count, MV__CHUNK), threads = (size_t)mv_threads(ctx), k, bytes;
    mv_status st = MEDVOL_E_NOMEM;
    /* one to four jobs a thread, so that tables cost less than the counting; a job fits 32-bit counts */
    k = g->view.count / 4 / (g->entries * g->ways) / threads;
    g->jobs = mv__minz(chunks, mv__maxz(threads * (k < 1 ? 1 : k > 4 ? 4 : k), mv__divup(chunks, 65535)));
    *sum = NULL;
    if (!mv__mul(g->entries, g->ways * g->jobs * sizeof(uint32_t), &bytes))
        return mv__fail(ctx, MEDVOL_E_SIZE, "bins", (double)g->entries, -1, "%s: the tables are too large",
                        label);
    g->table = (uint32_t *)mv__alloc(ctx, bytes);
    g->total = (uint64_t *)mv__alloc(ctx, g->entries * sizeof(uint64_t));
    if (g->table && g->total) st = mv_parallel_for(ctx, g->jobs, mv__in_count_job, g, label);
    if (st == MEDVOL_OK)
        st = mv_parallel_for(ctx, mv__divup(g->entries, MV__IN_TOTALS), mv__in_total_job, g, label);
    if (st == MEDVOL_OK) *sum = g->total;
    else mv__free(ctx, g->total);
    mv__free(ctx, g->table);
    return st;
}
static void mv__in_count_init(mv__in_count *g, const mv__in_set *s, size_t i) {
    mv__memset(g, 0, sizeof *g);
    mv__in_views(s, i, &g->view, &g->mask);
    g->has_mask = s->mask != NULL;
    g->nonzero = s->nonzero;
    g->np = 1;
}
/* Bits and shift of a stage; 0 after the last. entries: np tables, 16 for what does not match, then NaN. */
static int mv__in_stage(mv__in_count *g, int stage) {
    int width = 8 * (int)g->view.size, done = stage * 12;
    if (width <= 16 ? stage > 0 : done >= width) return 0;
    g->stage = stage;
    g->bits = width <= 16 ? width : width - done < 12 ? width - done : 12;
    g->shift = width - g->bits - (width <= 16 ? 0 : done);
    g->ways = g->np > 1 || g->view.size == 8 ? 1 : g->view.size == 4 ? 8 : 4;
    g->entries = (g->np << g->bits) + 24;
    return 1;
}

/* ---- percentiles ---- */
typedef struct mv__in_rank {
    uint64_t rank, left, key; /* left: rank within the values that share key so far */
    size_t slot;
} mv__in_rank;
static void mv__in_sort(uint64_t *a, size_t n) { /* Shell 1959, gaps of Ciura 2001 */
    static const size_t gap[] = {1750, 701, 301, 132, 57, 23, 10, 4, 1};
    size_t g, i, j;
    for (g = 0; g < sizeof gap / sizeof *gap; g++)
        for (i = gap[g]; i < n; i++) {
            uint64_t x = a[i];
            for (j = i; j >= gap[g] && a[j - gap[g]] > x; j -= gap[g]) a[j] = a[j - gap[g]];
            a[j] = x;
        }
}
/* The two ranks a rule asks for and the weight of the second. */
static double mv__in_rule(double q, uint64_t n, int rule, uint64_t *a, uint64_t *b) {
    double v = (double)(n - 1) * (q / 100.0), f = floor(v), t = v - f;
    *a = (uint64_t)f;
    if (*a >= n - 1) *a = n - 1, t = 0.0;
    *b = *a + (t > 0.0);
    if (rule == MEDVOL_PERCENTILE_LOWER) *b = *a;
    if (rule == MEDVOL_PERCENTILE_HIGHER) *a = *b;
    if (rule == MEDVOL_PERCENTILE_NEAREST) *a = *b = t < 0.5 || (t == 0.5 && *a % 2 == 0) ? *a : *b;
    return rule == MEDVOL_PERCENTILE_MIDPOINT ? 0.5 : t;
}
/* Ranks, sorted and each once, that the q ask for. */
static size_t mv__in_ranks(mv__in_rank *r, uint64_t *tmp, const double *q, size_t nq, int rule, uint64_t n,
                           int falling) {
    size_t i, k = 0;
    for (i = 0; i < nq; i++) mv__in_rule(q[i], n, rule, &tmp[2 * i], &tmp[2 * i + 1]);
    for (i = 0; falling && i < 2 * nq; i++) tmp[i] = n - 1 - tmp[i];
    mv__in_sort(tmp, 2 * nq);
    for (i = 0; i < 2 * nq; i++) {
        if (k && r[k - 1].rank == tmp[i]) continue;
        r[k].rank = r[k].left = tmp[i];
        r[k].key = 0;
        r[k++].slot = 0;
    }
    return k;
}
/* Moves every rank into its bucket; the distinct buckets become the next prefixes. */
static size_t mv__in_descend(mv__in_rank *r, size_t nr, const uint64_t *sum, int bits, uint64_t *pre,
                             uint32_t *pre32) {
    size_t i, np = 0, slot = (size_t)-1, bin = 0, old;
    uint64_t before = 0;
    for (i = 0; i < nr; i++) {
        if (r[i].slot != slot) slot = r[i].slot, bin = 0, before = 0;
        old = slot << bits;
        while (before + sum[old + bin] <= r[i].left) before += sum[old + bin++];
        r[i].left -= before;
        r[i].key = r[i].key << bits | bin;
        if (np == 0 || pre[np - 1] != r[i].key) {
            pre[np] = r[i].key;
            pre32[np++] = (uint32_t)r[i].key;
        }
        r[i].slot = np - 1;
    }
    return np;
}
static double mv__in_value(const mv__in_view *v, const mv__in_rank *r, size_t nr, uint64_t rank) {
    size_t lo = 0, hi = nr;
    double x;
    while (hi - lo > 1) {
        size_t mid = (lo + hi) / 2;
        if (r[mid].rank <= rank) lo = mid;
        else hi = mid;
    }
    x = mv__in_unkey(v->type, r[lo].key);
    return (v->scaled ? x * v->slope + v->inter : x) + 0.0;
}
/* Percentiles of one index of the set; room holds the ranks, prefixes and a list to sort, 2 nq of each. */
static mv_status mv__in_select(mv_ctx *ctx, const mv__in_set *s, size_t index, double *out, const double *q,
                               size_t nq, int rule, void *room) {
    mv__in_rank *r = (mv__in_rank *)room;
    uint64_t *pre = (uint64_t *)(void *)(r + 2 * nq), *tmp = pre + 2 * nq, *sum, n = 0, a, b;
    uint32_t *pre32 = (uint32_t *)(void *)(tmp + 2 * nq), *first = pre32 + 2 * nq;
    mv__in_count g;
    size_t i, k, nr = 0;
    int stage, falling;
    mv_status st;
    mv__in_count_init(&g, s, index);
    falling = g.view.scaled && g.view.slope < 0;
    pre[0] = pre32[0] = 0;
    g.pre = pre;
    g.pre32 = pre32;
    g.first = first;
    for (stage = 0; mv__in_stage(&g, stage); stage++) {
        if ((st = mv__in_count_run(ctx, &g, &sum, "percentiles")) != MEDVOL_OK) return st;
        if (stage == 0) {
            for (i = 0; i < (size_t)1 << g.bits; i++) n += sum[i];
            if (n == 0) {
                mv__free(ctx, sum);
                return mv__fail(ctx, MEDVOL_E_EMPTY, "count", 0, -1, "percentiles: no value is left but NaN");
            }
            nr = mv__in_ranks(r, tmp, q, nq, rule, n, falling);
        }
        g.np = mv__in_descend(r, nr, sum, g.bits, pre, pre32);
        mv__free(ctx, sum);
        for (i = k = 0; k <= 4096; first[k++] = (uint32_t)i)
            while (i < g.np && pre[i] >> (12 * stage) < k) i++;
    }
    for (i = 0; i < nq; i++) {
        double t = mv__in_rule(q[i], n, rule, &a, &b), x, y;
        x = mv__in_value(&g.view, r, nr, falling ? n - 1 - a : a);
        y = mv__in_value(&g.view, r, nr, falling ? n - 1 - b : b);
        /* numpy's way to interpolate */
        out[i] = x == y ? x : t < 0.5 ? x + (y - x) * t : y - (y - x) * (1.0 - t);
        if (x != y && !mv__finite(y - x)) out[i] = x * (1.0 - t) + y * t;
    }
    return MEDVOL_OK;
}
static mv_status mv__in_percentiles(mv_ctx *ctx, const mv__in_set *s, double *out, const double *q, size_t nq,
                                    int rule) {
    size_t i, bytes, room = 2 * nq * (sizeof(mv__in_rank) + 2 * sizeof(uint64_t) + sizeof(uint32_t));
    double *all;
    unsigned char *block;
    mv_status st = MEDVOL_OK;
    room += 4098 * sizeof(uint32_t); /* and the list of first prefixes */
    for (i = 0; i < nq; i++)
        if (!(q[i] >= 0.0 && q[i] <= 100.0))
            return mv__fail(ctx, MEDVOL_E_RANGE, "q", q[i], -1, "percentiles: q[%zu] = %g: must be 0..100", i,
                            q[i]);
    if (!(rule >= MEDVOL_PERCENTILE_LINEAR && rule <= MEDVOL_PERCENTILE_MIDPOINT))
        return mv__fail(ctx, MEDVOL_E_RANGE, "rule", rule, -1, "percentiles: rule = %d: must be 0..4", rule);
    if (!mv__mul(s->parts, nq * sizeof(double), &bytes) || !mv__add(bytes, room, &bytes))
        return mv__fail(ctx, MEDVOL_E_SIZE, "nq", (double)nq, -1, "percentiles: too many results");
    if (!(block = (unsigned char *)mv__alloc(ctx, bytes))) return MEDVOL_E_NOMEM;
    all = (double *)(void *)(block + room);
    for (i = 0; i < s->parts && st == MEDVOL_OK; i++)
        st = mv__in_select(ctx, s, i, all + i * nq, q, nq, rule, block);
    if (st == MEDVOL_OK) mv__memcpy(out, all, s->parts * nq * sizeof(double));
    mv__free(ctx, block);
    return st;
}
MEDVOL_DEF mv_status mv_percentiles(mv_ctx *ctx, double *out, const mv_volume *src, const double *q,
                                    size_t nq, const mv_percentile_opt *opt) {
    mv__in_set set;
    mv_status st;
    if (!out || !q) return mv__fail_null(ctx, "percentiles", out ? "q" : "out");
    if (!(nq >= 1 && nq <= 4096))
        return mv__fail(ctx, MEDVOL_E_SIZE, "nq", (double)nq, -1, "percentiles: nq = %zu: must be 1..4096",
                        nq);
    st = mv__in_begin(ctx, "percentiles", &set, src, opt ? opt->mask : NULL, opt ? opt->mask8 : NULL,
                      opt ? opt->nonzero : 0, opt ? opt->split : 0);
    return st < 0 ? st : mv__in_percentiles(ctx, &set, out, q, nq, opt ? opt->rule : 0);
}
MEDVOL_DEF mv_status mv_percentiles_array(mv_ctx *ctx, double *out, const void *src, mv_dtype dtype, size_t n,
                                          double slope, double inter, const double *q, size_t nq,
                                          const mv_percentile_opt *opt) {
    mv_volume v, m;
    mv_percentile_opt o;
    mv_status st;
    mv__memset(&o, 0, sizeof o);
    if (opt) o = *opt;
    if ((st = mv__in_wrap(ctx, "percentiles", "src", &v, src, dtype, n)) < 0) return st;
    if ((st = mv__in_mask8(ctx, "percentiles", &m, &o.mask, &o.mask8, n)) < 0) return st;
    v.slope = slope, v.inter = inter;
    return mv_percentiles(ctx, out, &v, q, nq, &o);
}
MEDVOL_DEF mv_status mv_percentiles_f32(mv_ctx *ctx, double *out, const float *src, size_t n, const double *q,
                                        size_t nq, const mv_percentile_opt *opt) {
    return mv_percentiles_array(ctx, out, src, MEDVOL_F32, n, 1.0, 0.0, q, nq, opt);
}
MEDVOL_DEF mv_status mv_median(mv_ctx *ctx, double *out, const mv_volume *src, const mv_percentile_opt *opt) {
    const double half = 50.0;
    mv_percentile_opt o;
    mv__memset(&o, 0, sizeof o);
    if (opt) o = *opt;
    o.rule = MEDVOL_PERCENTILE_LINEAR;
    return mv_percentiles(ctx, out, src, &half, 1, &o);
}

/* ---- histogram ---- */
static float mv__in_next_f32(float f, int up) {
    uint32_t b = mv__f32_bits(f);
    if (f == 0.0f) return mv__bits_f32(up ? 1u : 0x80000001u);
    return mv__bits_f32((f > 0) == (up != 0) ? b + 1 : b - 1);
}
static float mv__in_up(double x, int open) { /* the least float >= x (open: > x) */
    float f = (float)x;
    if (!mv__finite(x)) return f;
    return (double)f < x || (open && (double)f == x) ? mv__in_next_f32(f, 1) : f;
}
static float mv__in_down(double x, int open) {
    float f = (float)x;
    if (!mv__finite(x)) return f;
    return (double)f > x || (open && (double)f == x) ? mv__in_next_f32(f, 0) : f;
}
/* The float kernel's tables, when the range suits it: its guess may be off by less than margin, near an edge
   that decides. */
static mv_status mv__in_bins_init(mv_ctx *ctx, mv__in_bins *b, double lo, double hi, size_t bins,
                                  float **edge) {
    double scale = (double)bins / (hi - lo), margin;
    size_t k;
    b->origin = (float)lo;
    b->scale = (float)scale;
    margin = fabs(lo - (double)b->origin) * scale + 4.0 * (double)bins / 16777216.0;
    *edge = NULL;
    if (!(margin < 0.25 && hi - lo < 1e37 && scale > 1e-30 && scale < 1e30)) return MEDVOL_OK;
    if (!(*edge = (float *)mv__alloc(ctx, (bins + 1) * sizeof(float)))) return MEDVOL_E_NOMEM;
    for (k = 0; k <= bins; k++) (*edge)[k] = mv__in_up(mv__in_edge(lo, hi, bins, k), 0);
    b->edge = *edge;
    b->lo = mv__in_up(lo, 0);
    b->hi = mv__in_down(hi, 0);
    b->margin = (float)(margin * 1.01);
    b->bins = bins;
    return MEDVOL_OK;
}
static mv_status mv__in_hist_range(mv_ctx *ctx, const mv__in_set *s, double *lo, double *hi) {
    mv_stats_part p;
    mv_status st;
    if (*lo == 0.0 && *hi == 0.0) {
        if ((st = mv__in_moments(ctx, s, 0, 1, &p)) < 0) return st;
        if (p.n == 0)
            return mv__fail(ctx, MEDVOL_E_EMPTY, "count", 0, -1, "histogram: no finite value is left");
        *lo = p.min, *hi = p.max;
        if (*lo == *hi) *lo -= 0.5, *hi += 0.5;
    }
    if (!(*lo < *hi && mv__finite(*hi - *lo)))
        return mv__fail(ctx, MEDVOL_E_RANGE, "lo", *lo, -1, "histogram: range %g .. %g: lo < hi, both finite",
                        *lo, *hi);
    return MEDVOL_OK;
}
MEDVOL_DEF mv_status mv_histogram(mv_ctx *ctx, mv_hist *h, const mv_volume *src,
                                  const mv_histogram_opt *opt) {
    mv__in_set set;
    mv__in_count g;
    mv__in_bins bins;
    double lo = opt ? opt->lo : 0.0, hi = opt ? opt->hi : 0.0;
    uint64_t *sum, extra[3] = {0, 0, 0};
    float *edge = NULL;
    size_t k, n;
    mv_status st;
    if (!h || !h->counts) return mv__fail_null(ctx, "histogram", h ? "counts" : "h");
    n = h->bins;
    if (!(n >= 1 && n <= (size_t)1 << 24))
        return mv__fail(ctx, MEDVOL_E_SIZE, "bins", (double)n, -1,
                        "histogram: bins = %zu: must be 1..16777216", n);
    st = mv__in_begin(ctx, "histogram", &set, src, opt ? opt->mask : NULL, opt ? opt->mask8 : NULL,
                      opt ? opt->nonzero : 0, 0);
    if (st < 0 || (st = mv__in_hist_range(ctx, &set, &lo, &hi)) < 0) return st;
    mv__in_count_init(&g, &set, 0);
    if (g.view.size <= 2) mv__in_stage(&g, 0); /* count the stored values, then deal them out */
    else {
        if (src->dtype == MEDVOL_F32 && !g.view.scaled &&
            (st = mv__in_bins_init(ctx, &bins, lo, hi, n, &edge)) < 0)
            return st;
        g.histogram = 1;
        g.bins = edge ? &bins : NULL;
        g.np = n, g.lo = lo, g.hi = hi;
        g.entries = n + 8;
        g.ways = edge && n <= 4096 ? 8 : 1;
    }
    st = mv__in_count_run(ctx, &g, &sum, "histogram");
    mv__free(ctx, edge);
    if (st < 0) return st;
    mv__memset(h->counts, 0, n * sizeof(uint64_t));
    for (k = 0; k < (g.histogram ? n + 3 : (size_t)1 << g.bits); k++) {
        size_t bin = k;
        if (!g.histogram) {
            double x = mv__in_unkey(src->dtype, k);
            if (sum[k] == 0) continue;
            bin = mv__in_bin(g.view.scaled ? x * g.view.slope + g.view.inter : x, lo, hi, n);
        }
        if (bin < n) h->counts[bin] += sum[k];
        else extra[bin - n] += sum[k];
    }
    if (!g.histogram && g.view.size == 2) extra[2] += sum[g.entries - 8];
    mv__free(ctx, sum);
    if (opt && opt->clamp) h->counts[0] += extra[0], h->counts[n - 1] += extra[1];
    h->lo = lo, h->hi = hi;
    h->below = extra[0], h->above = extra[1], h->nan = extra[2];
    for (h->total = 0, k = 0; k < n; k++) h->total += h->counts[k];
    return MEDVOL_OK;
}
MEDVOL_DEF mv_status mv_histogram_array(mv_ctx *ctx, mv_hist *h, const void *src, mv_dtype dtype, size_t n,
                                        double slope, double inter, const mv_histogram_opt *opt) {
    mv_volume v, m;
    mv_histogram_opt o;
    mv_status st;
    mv__memset(&o, 0, sizeof o);
    if (opt) o = *opt;
    if ((st = mv__in_wrap(ctx, "histogram", "src", &v, src, dtype, n)) < 0) return st;
    if ((st = mv__in_mask8(ctx, "histogram", &m, &o.mask, &o.mask8, n)) < 0) return st;
    v.slope = slope, v.inter = inter;
    return mv_histogram(ctx, h, &v, &o);
}
MEDVOL_DEF mv_status mv_histogram_f32(mv_ctx *ctx, mv_hist *h, const float *src, size_t n,
                                      const mv_histogram_opt *opt) {
    return mv_histogram_array(ctx, h, src, MEDVOL_F32, n, 1.0, 0.0, opt);
}
MEDVOL_DEF mv_status mv_histogram_fold(mv_ctx *ctx, mv_hist *h, const mv_hist *parts, size_t n) {
    size_t i, k;
    if (!h || !h->counts || !parts)
        return mv__fail_null(ctx, "histogram_fold", !h ? "h" : parts ? "counts" : "parts");
    if (n == 0) return mv__fail(ctx, MEDVOL_E_SIZE, "n", 0, -1, "histogram_fold: n = 0: must be at least 1");
    for (i = 0; i < n; i++) {
        if (!parts[i].counts) return mv__fail_null(ctx, "histogram_fold", "parts[].counts");
        if (parts[i].bins != h->bins || parts[i].lo != parts[0].lo || parts[i].hi != parts[0].hi)
            return mv__fail(ctx, MEDVOL_E_SHAPE, "bins", (double)parts[i].bins, -1,
                            "histogram_fold: parts[%zu] has other bins or another range", i);
    }
    for (k = 0; k < h->bins; k++) {
        uint64_t sum = 0;
        for (i = 0; i < n; i++) sum += parts[i].counts[k];
        h->counts[k] = sum;
    }
    h->lo = parts[0].lo, h->hi = parts[0].hi;
    {
        uint64_t below = 0, above = 0, nan = 0, total = 0;
        for (i = 0; i < n; i++)
            below += parts[i].below, above += parts[i].above, nan += parts[i].nan, total += parts[i].total;
        h->below = below, h->above = above, h->nan = nan, h->total = total;
    }
    return MEDVOL_OK;
}
MEDVOL_DEF mv_status mv_otsu(mv_ctx *ctx, double *threshold, const mv_hist *h) {
    double w = 0.0, all = 0.0, sum = 0.0, total = 0.0, best = -1.0, width;
    size_t k, at = 0;
    if (!threshold || !h || !h->counts)
        return mv__fail_null(ctx, "otsu", !threshold ? "threshold" : h ? "counts" : "h");
    if (h->bins == 0 || !(h->lo < h->hi))
        return mv__fail(ctx, MEDVOL_E_RANGE, "bins", (double)h->bins, -1,
                        "otsu: %zu bins over %g .. %g: need bins and lo < hi", h->bins, h->lo, h->hi);
    width = (h->hi - h->lo) / (double)h->bins;
#define MV__IN_CENTRE(k) (h->lo + ((double)(k) + 0.5) * width)
    for (k = 0; k < h->bins; k++) {
        all += (double)h->counts[k];
        total += (double)h->counts[k] * MV__IN_CENTRE(k);
        if (h->counts[k]) at = k; /* stays when one bin is occupied */
    }
    if (all == 0.0) return mv__fail(ctx, MEDVOL_E_EMPTY, "counts", 0, -1, "otsu: all counts are 0");
    for (k = 0; k + 1 < h->bins; k++) {
        double d, v;
        w += (double)h->counts[k];
        sum += (double)h->counts[k] * MV__IN_CENTRE(k);
        if (w == 0.0 || w == all) continue;
        d = sum / w - (total - sum) / (all - w);
        v = w * (all - w) * d * d;
        if (v > best) best = v, at = k;
    }
    *threshold = MV__IN_CENTRE(at);
#undef MV__IN_CENTRE
    return MEDVOL_OK;
}

/* ---- maps ---- */
enum { MV__IN_LINE, MV__IN_POWER, MV__IN_STAY, MV__IN_INSIDE };
typedef void (*mv__in_line_fn)(float *dst, const void *src, size_t n, double slope, double inter, int scaled,
                               const mv__in_line *a, int nt);
typedef struct mv__in_map {
    mv__walk walk;
    unsigned char *dst;
    const unsigned char *src;
    mv_dtype dt, st;
    size_t ds, ss;
    double slope, inter;
    int op, scaled, nt, open; /* open: 1 lo, 2 hi */
    mv__in_line line;
    mv__in_line_fn run_line; /* to float; NULL: through blocks */
    mv__in_power power;
    double lo, hi, under, over;   /* stay, inside: bounds and replacements as real values */
    /* stay within one type: the replacements as stored, and for the fast kernels the bounds */
    int same;
    unsigned char u[8], o[8];
    float flo, fhi, fu, fo;
    int32_t ilo, ihi;
} mv__in_map;
static double mv__in_gamma1(double x, const mv__in_power *a) {
    double t;
    if (x != x) return x;
    if (a->mode == MEDVOL_GAMMA_SIGNED) return x < 0 ? -pow(-x, a->g) : pow(x, a->g);
    if (a->mode == MEDVOL_GAMMA_PLAIN) return pow(x > 0 ? x : 0.0, a->g);
    t = (x - a->lo) * a->scale;
    return pow(t > 0 ? t : 0.0, a->g) * a->range + a->lo;
}
static int mv__in_under(const mv__in_map *g, double x) { return g->open & 1 ? x <= g->lo : x < g->lo; }
static int mv__in_over(const mv__in_map *g, double x) { return g->open & 2 ? x >= g->hi : x > g->hi; }
static void mv__in_block(const mv__in_map *g, double *x, size_t n) {
    size_t i;
    if (g->op == MV__IN_LINE) MV__PICK(mv__in_line_f64)(x, n, &g->line);
    else if (g->op == MV__IN_POWER)
        for (i = 0; i < n; i++) x[i] = mv__in_gamma1(x[i], &g->power);
    else if (g->op == MV__IN_STAY)
        for (i = 0; i < n; i++)
            x[i] = mv__in_under(g, x[i]) ? g->under : mv__in_over(g, x[i]) ? g->over : x[i];
    else
        for (i = 0; i < n; i++)
            x[i] = x[i] == x[i] && !mv__in_under(g, x[i]) && !mv__in_over(g, x[i]) ? 1.0 : 0.0;
}
/* Stored values that stay are copied as they are, so 64-bit integers lose nothing. */
static void mv__in_stay(const mv__in_map *g, unsigned char *d, const unsigned char *s, const double *x,
                        size_t n) {
    size_t i, b = g->ds;
    for (i = 0; i < n; i++) {
        const unsigned char *p = mv__in_under(g, x[i]) ? g->u : mv__in_over(g, x[i]) ? g->o : s + i * b;
        unsigned char t[8];
        mv__memcpy(t, p, b);
        mv__memcpy(d + i * b, t, b);
    }
}
static int mv__in_run_fast(const mv__in_map *g, unsigned char *d, const unsigned char *s, size_t n) {
    float *fd = (float *)(void *)d;
    const float *fs = (const float *)(const void *)s;
    double k = g->slope * g->line.k, b = (g->inter - g->line.m) * g->line.k + g->line.b;
    int f32 = g->st == MEDVOL_F32 && !g->scaled;
    if (g->op == MV__IN_INSIDE && f32 && g->dt == MEDVOL_U8) {
        MV__PICK(mv__in_inside_f32)(d, fs, n, g->flo, g->fhi, g->nt);
        return 1;
    }
    if (g->op == MV__IN_STAY && g->same) {
        switch (g->st) {
            case MEDVOL_F32:
                if (!f32) return 0;
                MV__PICK(mv__in_keep_f32)(fd, fs, n, g->flo, g->fhi, g->fu, g->fo, g->nt);
                return 1;
#define MV__X(T, name, type)                                                                                 \
    case MEDVOL_##T: {                                                                                       \
        type u, o;                                                                                           \
        mv__memcpy(&u, g->u, sizeof u);                                                                      \
        mv__memcpy(&o, g->o, sizeof o);                                                                      \
        MV__PICK(mv__in_keep_##name)((type *)(void *)d, (const type *)(const void *)s, n, g->ilo, g->ihi,    \
                                     g->slope > 0 ? u : o, g->slope > 0 ? o : u, g->nt);                     \
        return 1;                                                                                            \
    }
            MV__X(U8, u8, uint8_t) MV__X(I8, i8, int8_t) MV__X(U16, u16, uint16_t) MV__X(I16, i16, int16_t)
#undef MV__X
            default: return 0;
        }
    }
    if (g->dt != MEDVOL_F32) return 0;
    if (g->op == MV__IN_LINE && g->ss <= 2 && !g->line.clip && !g->line.keep0 && k != 0.0 && mv__finite(k) &&
        mv__finite(b)) /* one line after another is a line; a slope of 0 would mean none */
        mv__cv_run(d, g->dt, s, g->st, n, k, b, g->nt);
    else if (g->op == MV__IN_LINE && g->run_line)
        g->run_line(fd, s, n, g->slope, g->inter, g->scaled, &g->line, g->nt);
    else if (g->op == MV__IN_POWER && f32) MV__PICK(mv__in_gamma_f32)(fd, fs, n, &g->power);
    else return 0;
    return 1;
}
static void mv__in_run(const mv__in_map *g, unsigned char *d, const unsigned char *s, size_t n) {
    double x[MV__IN_BLOCK];
    float f[MV__IN_BLOCK];
    mv__cv_get_fn get = mv__cv_getter(g->st);
    mv__cv_put_fn put = mv__cv_putter(g->dt);
    size_t i, m;
    if (mv__in_run_fast(g, d, s, n)) return;
    for (i = 0; i < n; i += m) {
        m = mv__minz(MV__IN_BLOCK, n - i);
        get(x, s + i * g->ss, m);
        if (g->scaled) MV__PICK(mv__cv_scale)(x, m, g->slope, g->inter);
        if (g->op == MV__IN_STAY && g->same) mv__in_stay(g, d + i * g->ds, s + i * g->ss, x, m);
        else if (g->op == MV__IN_POWER && g->dt == MEDVOL_F32) {
            MV__PICK(mv__cv_put_f32)(f, x, m);
            MV__PICK(mv__in_gamma_f32)((float *)(void *)d + i, f, m, &g->power);
        } else {
            mv__in_block(g, x, m);
            put(d + i * g->ds, x, m);
        }
    }
}
static void mv__in_map_job(void *arg, size_t job) {
    const mv__in_map *g = (const mv__in_map *)arg;
    size_t row, end, at, n, oa, ob;
    for (mv__walk_job(&g->walk, job, &row, &end, &at, &n); row < end; row++) {
        mv__walk_row(&g->walk, row, &oa, &ob);
        mv__in_run(g, g->dst + (oa + at) * g->ds, g->src + (ob + at) * g->ss, n);
    }
}
static mv__in_line_fn mv__in_line_runner(const mv__in_map *g) {
    mv__in_line_fn exact, quick;
    unsigned char all[256];
    float want[256], got[256];
    int i;
    switch (g->st) {
        case MEDVOL_F32: return MV__PICK(mv__in_line_f32);
        case MEDVOL_U16: return MV__PICK(mv__in_line_u16);
        case MEDVOL_I16: return MV__PICK(mv__in_line_i16);
        case MEDVOL_U8: exact = MV__PICK(mv__in_line_u8), quick = MV__PICK(mv__in_quick_u8); break;
        case MEDVOL_I8: exact = MV__PICK(mv__in_line_i8), quick = MV__PICK(mv__in_quick_i8); break;
        default: return NULL;
    }
    if (g->line.keep0) return exact;
    for (i = 0; i < 256; i++) all[i] = (unsigned char)i;
    exact(want, all, 256, g->slope, g->inter, g->scaled, &g->line, 0);
    quick(got, all, 256, g->slope, g->inter, g->scaled, &g->line, 0);
    for (i = 0; i < 256; i++)
        if (mv__f32_bits(got[i]) != mv__f32_bits(want[i])) return exact;
    return quick;
}
/* One index of an axis as a volume (axis -1: all of it). */
static mv_volume mv__in_part(const mv_volume *v, int axis, size_t i) {
    mv_volume w = *v;
    if (axis >= 0) {
        w.data = (unsigned char *)w.data + i * (size_t)w.stride[axis] * mv_dtype_size(w.dtype);
        w.dim[axis] = 1;
    }
    return w;
}
static mv_status mv__in_apply(mv_ctx *ctx, mv__in_map *g, const mv_volume *out, const mv_volume *src,
                              int axis, size_t i, const char *label) {
    mv_volume d = mv__in_part(out, axis, i), s = mv__in_part(src, axis, i);
    mv__walk_init(&g->walk, &d, &s);
    g->dst = (unsigned char *)d.data;
    g->src = (const unsigned char *)s.data;
    g->dt = d.dtype;
    g->st = s.dtype;
    g->ds = mv_dtype_size(d.dtype);
    g->ss = mv_dtype_size(s.dtype);
    mv__vol_scaling(src, &g->slope, &g->inter);
    g->scaled = mv__scaled(g->slope, g->inter);
    g->run_line = g->op == MV__IN_LINE && g->dt == MEDVOL_F32 ? mv__in_line_runner(g) : NULL;
    g->nt = mv__cv_nt(out, src);
    return mv_parallel_for(ctx, g->walk.njobs, mv__in_map_job, g, label);
}
/* The result's type: dst's when it has memory of its own, else src's (keep) or a float. */
static mv_status mv__in_out(mv_ctx *ctx, const char *op, mv_volume *out, mv_volume *dst, const mv_volume *src,
                            int keep) {
    mv_dtype t = keep || src->dtype == MEDVOL_F64 ? src->dtype : MEDVOL_F32;
    mv_status st;
    if (dst != src && dst->data) t = dst->dtype;
    if (!mv__is_real(t))
        return mv__fail(ctx, MEDVOL_E_DTYPE, "dst", (double)t, -1,
                        "%s: dst has type %s: must be an integer or real type", op, mv_dtype_name(t));
    if ((st = mv__out_begin(ctx, op, out, dst, src, t, src->ndim, src->dim, MV__OUT_INPLACE)) < 0) return st;
    if (!(keep && t == src->dtype)) out->slope = 1.0, out->inter = 0.0;
    return MEDVOL_OK;
}
/* Lines, one for each index of the set, over dst. */
static mv_status mv__in_lines(mv_ctx *ctx, const char *op, mv_volume *dst, const mv__in_set *s,
                              const mv__in_line *line) {
    mv__in_map g;
    mv_volume out;
    size_t i;
    mv_status st = mv__in_out(ctx, op, &out, dst, s->src, 0);
    if (st < 0) return st;
    mv__memset(&g, 0, sizeof g);
    g.op = MV__IN_LINE;
    for (i = 0; i < s->parts && st == MEDVOL_OK; i++) {
        g.line = line[i];
        g.line.m += 0.0; /* -0 becomes 0 */
        st = mv__in_apply(ctx, &g, &out, s->src, s->axis, i, op);
    }
    return mv__out_end(ctx, st, &out, dst);
}
static mv_status mv__in_znorm_line(mv_ctx *ctx, const mv__in_set *s, size_t i, const mv_znorm_opt *o,
                                   mv__in_line *a) {
    mv_stats_part p;
    double sd = o->sd, mean = o->mean;
    mv_status st;
    mv__memset(a, 0, sizeof *a);
    if (!o->given_mean || !o->given_sd) {
        if ((st = mv__in_moments(ctx, s, i, 0, &p)) < 0) return st;
        if (p.n == 0) return mv__fail(ctx, MEDVOL_E_EMPTY, "count", 0, -1,
                                      "znorm: no finite value is left for the statistics");
        if (!o->given_mean) mean = p.mean;
        if (!o->given_sd)
            sd = o->sample ? (p.n > 1 ? sqrt(p.m2 / (double)(p.n - 1)) : 0.0) : sqrt(p.m2 / (double)p.n);
    }
    a->m = mean;
    a->k = sd > 0.0 && mv__finite(1.0 / sd) ? 1.0 / sd : 1.0;
    a->keep0 = s->nonzero;
    return MEDVOL_OK;
}
MEDVOL_DEF mv_status mv_znorm(mv_ctx *ctx, mv_volume *dst, const mv_volume *src, const mv_znorm_opt *opt) {
    mv_znorm_opt o;
    mv__in_set set;
    mv__in_line one, *line;
    size_t i;
    mv_status st;
    mv__memset(&o, 0, sizeof o);
    if (opt) o = *opt;
    if (!dst) return mv__fail_null(ctx, "znorm", "dst");
    if ((st = mv__in_begin(ctx, "znorm", &set, src, o.mask, o.mask8, o.nonzero, o.split)) < 0) return st;
    if (o.given_mean && !mv__finite(o.mean))
        return mv__fail(ctx, MEDVOL_E_RANGE, "mean", o.mean, -1, "znorm: mean = %g: must be finite", o.mean);
    if (o.given_sd && !(o.sd > 0.0 && mv__finite(o.sd)))
        return mv__fail(ctx, MEDVOL_E_RANGE, "sd", o.sd, -1, "znorm: sd = %g: must be > 0 and finite", o.sd);
    line = set.parts > 1 ? (mv__in_line *)mv__alloc(ctx, set.parts * sizeof one) : &one;
    if (!line) return MEDVOL_E_NOMEM;
    for (i = 0; i < set.parts && st == MEDVOL_OK; i++) st = mv__in_znorm_line(ctx, &set, i, &o, &line[i]);
    if (st == MEDVOL_OK) st = mv__in_lines(ctx, "znorm", dst, &set, line);
    if (line != &one) mv__free(ctx, line);
    return st;
}
MEDVOL_DEF mv_status mv_znorm_f32(mv_ctx *ctx, float *dst, const float *src, size_t n,
                                  const mv_znorm_opt *opt) {
    mv_volume d, s, m;
    mv_znorm_opt o;
    mv_status st;
    mv__memset(&o, 0, sizeof o);
    if (opt) o = *opt;
    if ((st = mv__in_wrap(ctx, "znorm", "dst", &d, dst, MEDVOL_F32, n)) < 0) return st;
    if ((st = mv__in_wrap(ctx, "znorm", "src", &s, src, MEDVOL_F32, n)) < 0) return st;
    if ((st = mv__in_mask8(ctx, "znorm", &m, &o.mask, &o.mask8, n)) < 0) return st;
    return mv_znorm(ctx, &d, &s, &o);
}
static mv_status mv__in_rescale_line(mv_ctx *ctx, const mv__in_set *s, size_t i, double out_min,
                                     double out_max, const mv_rescale_opt *o, const double *range,
                                     mv__in_line *a) {
    double lo = o->lo, hi = o->hi;
    mv_stats_part p;
    mv_status st;
    mv__memset(a, 0, sizeof *a);
    if (o->range == MEDVOL_RANGE_PERCENTILE) lo = range[2 * i], hi = range[2 * i + 1];
    if (o->range == MEDVOL_RANGE_DATA) {
        if ((st = mv__in_moments(ctx, s, i, 1, &p)) < 0) return st;
        if (p.n == 0)
            return mv__fail(ctx, MEDVOL_E_EMPTY, "count", 0, -1,
                            "rescale: no finite value is left for the range");
        lo = p.min, hi = p.max;
    }
    if (!mv__finite(hi - lo))
        return mv__fail(ctx, MEDVOL_E_RANGE, "range", hi, -1, "rescale: the range %g .. %g is not finite", lo,
                        hi);
    a->m = lo;
    a->k = hi > lo ? (out_max - out_min) / (hi - lo) : 0;
    a->b = out_min;
    a->clip = o->clip || o->range == MEDVOL_RANGE_DATA;
    a->lo = out_min;
    a->hi = out_max;
    a->keep0 = s->nonzero;
    /* all but NaN end at out_min */
    if (!(hi > lo) || !mv__finite(a->k)) a->k = 1.0, a->clip = 1, a->hi = out_min;
    return MEDVOL_OK;
}
static mv_status mv__in_rescale_check(mv_ctx *ctx, double out_min, double out_max, const mv_rescale_opt *o) {
    if (!(out_min <= out_max && mv__finite(out_max - out_min)))
        return mv__fail(ctx, MEDVOL_E_RANGE, "out_min", out_min, -1,
                        "rescale: result range %g .. %g: must be finite, out_min <= out_max", out_min,
                        out_max);
    if (!(o->range >= MEDVOL_RANGE_DATA && o->range <= MEDVOL_RANGE_PERCENTILE))
        return mv__fail(ctx, MEDVOL_E_RANGE, "range", o->range, -1, "rescale: range = %d: must be 0..2",
                        o->range);
    if (o->range == MEDVOL_RANGE_GIVEN && !(o->lo < o->hi && mv__finite(o->hi - o->lo)))
        return mv__fail(ctx, MEDVOL_E_RANGE, "lo", o->lo, -1,
                        "rescale: given range %g .. %g: must be finite, lo < hi", o->lo, o->hi);
    if (o->range == MEDVOL_RANGE_PERCENTILE && !(o->lo >= 0.0 && o->lo < o->hi && o->hi <= 100.0))
        return mv__fail(ctx, MEDVOL_E_RANGE, "lo", o->lo, -1,
                        "rescale: percentiles %g .. %g: must be within 0..100, lo < hi", o->lo, o->hi);
    return MEDVOL_OK;
}
MEDVOL_DEF mv_status mv_rescale(mv_ctx *ctx, mv_volume *dst, const mv_volume *src, double out_min,
                                double out_max, const mv_rescale_opt *opt) {
    mv_rescale_opt o;
    mv__in_set set;
    double q[2], two[2], *range = two;
    mv__in_line one, *line = &one;
    size_t i;
    mv_status st;
    mv__memset(&o, 0, sizeof o);
    if (opt) o = *opt;
    if (!dst) return mv__fail_null(ctx, "rescale", "dst");
    if ((st = mv__in_begin(ctx, "rescale", &set, src, o.mask, o.mask8, o.nonzero, o.split)) < 0) return st;
    if ((st = mv__in_rescale_check(ctx, out_min, out_max, &o)) < 0) return st;
    if (set.parts > 1) {
        if (!(line = (mv__in_line *)mv__alloc(ctx, set.parts * (sizeof one + sizeof two))))
            return MEDVOL_E_NOMEM;
        range = (double *)(void *)(line + set.parts);
    }
    q[0] = o.lo, q[1] = o.hi;
    if (o.range == MEDVOL_RANGE_PERCENTILE)
        st = mv__in_percentiles(ctx, &set, range, q, 2, MEDVOL_PERCENTILE_LINEAR);
    for (i = 0; i < set.parts && st == MEDVOL_OK; i++)
        st = mv__in_rescale_line(ctx, &set, i, out_min, out_max, &o, range, &line[i]);
    if (st == MEDVOL_OK) st = mv__in_lines(ctx, "rescale", dst, &set, line);
    if (line != &one) mv__free(ctx, line);
    return st;
}
MEDVOL_DEF mv_status mv_rescale_f32(mv_ctx *ctx, float *dst, const float *src, size_t n, double out_min,
                                    double out_max, const mv_rescale_opt *opt) {
    mv_volume d, s, m;
    mv_rescale_opt o;
    mv_status st;
    mv__memset(&o, 0, sizeof o);
    if (opt) o = *opt;
    if ((st = mv__in_wrap(ctx, "rescale", "dst", &d, dst, MEDVOL_F32, n)) < 0) return st;
    if ((st = mv__in_wrap(ctx, "rescale", "src", &s, src, MEDVOL_F32, n)) < 0) return st;
    if ((st = mv__in_mask8(ctx, "rescale", &m, &o.mask, &o.mask8, n)) < 0) return st;
    return mv_rescale(ctx, &d, &s, out_min, out_max, &o);
}
MEDVOL_DEF mv_status mv_linear(mv_ctx *ctx, mv_volume *dst, const mv_volume *src, double a, double b) {
    mv__in_set set;
    mv__in_line line;
    mv_status st;
    if (!dst) return mv__fail_null(ctx, "linear", "dst");
    if ((st = mv__in_begin(ctx, "linear", &set, src, NULL, NULL, 0, 0)) < 0) return st;
    if (!mv__finite(a) || !mv__finite(b))
        return mv__fail(ctx, MEDVOL_E_RANGE, "a", a, -1, "linear: a = %g, b = %g: must be finite", a, b);
    mv__memset(&line, 0, sizeof line);
    line.k = a;
    line.b = b;
    return mv__in_lines(ctx, "linear", dst, &set, &line);
}
MEDVOL_DEF mv_status mv_linear_f32(mv_ctx *ctx, float *dst, const float *src, size_t n, double a, double b) {
    mv_volume d, s;
    mv_status st;
    if ((st = mv__in_wrap(ctx, "linear", "dst", &d, dst, MEDVOL_F32, n)) < 0) return st;
    if ((st = mv__in_wrap(ctx, "linear", "src", &s, src, MEDVOL_F32, n)) < 0) return st;
    return mv_linear(ctx, &d, &s, a, b);
}

/* ---- clamp and threshold ---- */
static void mv__in_limits(mv_dtype t, double *lo, double *hi) { /* of an integer type */
    double bits = 8.0 * (double)mv_dtype_size(t);
    int is_signed = t == MEDVOL_I8 || t == MEDVOL_I16 || t == MEDVOL_I32 || t == MEDVOL_I64;
    *lo = is_signed ? -ldexp(1.0, (int)bits - 1) : 0.0;
    *hi = ldexp(1.0, (int)bits - is_signed) - 1.0;
}
/* The outermost stored whole number whose real value obeys x >= limit (upper 0) or x <= limit; one beyond the
   type's range when all of it breaks the rule. */
static double mv__in_bound(const mv__in_map *g, mv_dtype t, double limit, int upper) {
    double lo, hi, s, step;
    int rising = (upper == 0) == (g->slope > 0), i;
    mv__in_limits(t, &lo, &hi);
    s = (limit - g->inter) / g->slope;
    s = s < lo - 1.0 ? lo - 1.0 : s > hi + 1.0 ? hi + 1.0 : s;
    s = rising ? ceil(s) : floor(s);
    step = rising ? 1.0 : -1.0;
#define MV__IN_OBEYS(v) \
    (upper ? !(g->open & 2 ? (v) * g->slope + g->inter >= limit : (v) * g->slope + g->inter > limit) \
           : !(g->open & 1 ? (v) * g->slope + g->inter <= limit : (v) * g->slope + g->inter < limit))
    for (i = 0; i < 2 && s - step >= lo && s - step <= hi && MV__IN_OBEYS(s - step); i++) s -= step;
    for (i = 0; i < 2 && s >= lo && s <= hi && !MV__IN_OBEYS(s); i++) s += step;
#undef MV__IN_OBEYS
    return s;
}
static void mv__in_store(mv_dtype t, unsigned char *p, double stored) { /* p may lie anywhere */
    uint64_t v;
    mv__cv_putter(t)(&v, &stored, 1);
    mv__memcpy(p, &v, mv_dtype_size(t));
}
/* Bounds and replacements in the stored domain. clamp: the replacements are the bounds. */
static mv_status mv__in_stored(mv_ctx *ctx, mv__in_map *g, const mv_volume *src, int clamp) {
    double a, b, lo, hi;
    mv_dtype t = src->dtype;
    mv__vol_scaling(src, &g->slope, &g->inter);
    mv__in_store(t, g->u, (g->under - g->inter) / g->slope);
    mv__in_store(t, g->o, (g->over - g->inter) / g->slope);
    g->fu = (float)g->under;
    g->fo = (float)g->over;
    g->flo = clamp ? (float)g->lo : mv__in_up(g->lo, g->open & 1);
    g->fhi = clamp ? (float)g->hi : mv__in_down(g->hi, g->open & 2);
    if (!mv__is_integer(t)) return MEDVOL_OK;
    mv__in_limits(t, &lo, &hi);
    a = mv__in_bound(g, t, g->lo, 0);
    b = mv__in_bound(g, t, g->hi, 1);
    if (clamp) {
        double u = a < lo ? lo : a > hi ? hi : a, o = b < lo ? lo : b > hi ? hi : b; /* open sides */
        if (g->slope > 0 ? a > b || a > hi || b < lo : a < b || a < lo || b > hi)
            return mv__fail(ctx, MEDVOL_E_RANGE, "lo", g->lo, -1,
                            "clamp: no value of the type %s lies in %g .. %g", mv_dtype_name(t), g->lo,
                            g->hi);
        mv__in_store(t, g->u, u);
        mv__in_store(t, g->o, o);
    }
    if (mv_dtype_size(t) <= 2) {
        g->ilo = (int32_t)(g->slope > 0 ? a : b);
        g->ihi = (int32_t)(g->slope > 0 ? b : a);
        if (g->slope < 0 && g->ilo > g->ihi + 1) g->ilo = g->ihi + 1; /* nothing stays: below goes first */
    }
    return MEDVOL_OK;
}
static mv_status mv__in_limit_map(mv_ctx *ctx, const char *op, mv_volume *dst, const mv_volume *src,
                                  mv__in_map *g, int clamp) {
    mv_volume out;
    mv_status st;
    int own = dst == src || !dst->data || dst->dtype == src->dtype;
    g->same = own && g->op == MV__IN_STAY;
    if (g->op == MV__IN_INSIDE) {
        mv_dtype t = dst != src && dst->data ? dst->dtype : MEDVOL_U8;
        if (!mv__is_real(t))
            return mv__fail(ctx, MEDVOL_E_DTYPE, "dst", (double)t, -1,
                            "%s: dst has type %s: must be an integer or real type", op, mv_dtype_name(t));
        g->flo = mv__in_up(g->lo, g->open & 1);
        g->fhi = mv__in_down(g->hi, g->open & 2);
        if ((st = mv__out_begin(ctx, op, &out, dst, src, t, src->ndim, src->dim, MV__OUT_INPLACE)) < 0)
            return st;
        out.slope = 1.0, out.inter = 0.0;
    } else {
        if (g->same && (st = mv__in_stored(ctx, g, src, clamp)) < 0) return st;
        if ((st = mv__in_out(ctx, op, &out, dst, src, 1)) < 0) return st;
    }
    return mv__out_end(ctx, mv__in_apply(ctx, g, &out, src, -1, 0, op), &out, dst);
}
static mv_status mv__in_limit_check(mv_ctx *ctx, const char *op, const mv_volume *dst, const mv_volume *src,
                                    double lo, double hi) {
    mv_status st;
    if (!dst) return mv__fail_null(ctx, op, "dst");
    if ((st = mv__vol_check_real(ctx, op, "src", src)) < 0) return st;
    if (!(lo <= hi)) return mv__fail(ctx, MEDVOL_E_RANGE, "lo", lo, -1,
                                     "%s: lo = %g, hi = %g: must not be NaN, lo <= hi", op, lo, hi);
    return MEDVOL_OK;
}
MEDVOL_DEF mv_status mv_clamp(mv_ctx *ctx, mv_volume *dst, const mv_volume *src, double lo, double hi) {
    mv__in_map g;
    mv_status st = mv__in_limit_check(ctx, "clamp", dst, src, lo, hi);
    if (st < 0) return st;
    mv__memset(&g, 0, sizeof g);
    g.op = MV__IN_STAY;
    g.lo = g.under = lo;
    g.hi = g.over = hi;
    return mv__in_limit_map(ctx, "clamp", dst, src, &g, 1);
}
MEDVOL_DEF mv_status mv_clamp_f32(mv_ctx *ctx, float *dst, const float *src, size_t n, double lo, double hi) {
    mv_volume d, s;
    mv_status st;
    if ((st = mv__in_wrap(ctx, "clamp", "dst", &d, dst, MEDVOL_F32, n)) < 0) return st;
    if ((st = mv__in_wrap(ctx, "clamp", "src", &s, src, MEDVOL_F32, n)) < 0) return st;
    return mv_clamp(ctx, &d, &s, lo, hi);
}
MEDVOL_DEF mv_status mv_threshold(mv_ctx *ctx, mv_volume *dst, const mv_volume *src, double lo, double hi,
                                  const mv_threshold_opt *opt) {
    mv__in_map g;
    mv_status st = mv__in_limit_check(ctx, "threshold", dst, src, lo, hi);
    if (st < 0) return st;
    mv__memset(&g, 0, sizeof g);
    g.op = opt && opt->binary ? MV__IN_INSIDE : MV__IN_STAY;
    g.open = opt && opt->open ? (mv__finite(lo) ? 1 : 0) | (mv__finite(hi) ? 2 : 0) : 0;
    g.lo = lo;
    g.hi = hi;
    g.under = opt ? opt->below : 0.0;
    g.over = opt ? opt->above : 0.0;
    if (mv__isnan(g.under) || mv__isnan(g.over))
        return mv__fail(ctx, MEDVOL_E_RANGE, "below", g.under, -1,
                        "threshold: below = %g, above = %g: must not be NaN", g.under, g.over);
    return mv__in_limit_map(ctx, "threshold", dst, src, &g, 0);
}
MEDVOL_DEF mv_status mv_threshold_f32(mv_ctx *ctx, float *dst, const float *src, size_t n, double lo,
                                      double hi, const mv_threshold_opt *opt) {
    mv_volume d, s;
    mv_status st;
    if ((st = mv__in_wrap(ctx, "threshold", "dst", &d, dst, MEDVOL_F32, n)) < 0) return st;
    if ((st = mv__in_wrap(ctx, "threshold", "src", &s, src, MEDVOL_F32, n)) < 0) return st;
    return mv_threshold(ctx, &d, &s, lo, hi, opt);
}

/* ---- gamma ---- */
MEDVOL_DEF mv_status mv_gamma(mv_ctx *ctx, mv_volume *dst, const mv_volume *src, double g,
                              const mv_gamma_opt *opt) {
    mv__in_set set;
    mv__in_map map;
    mv__in_power one, *power;
    mv_volume out;
    mv_stats_part p;
    int mode = opt ? opt->mode : 0;
    size_t i;
    mv_status st;
    if (!dst) return mv__fail_null(ctx, "gamma", "dst");
    if ((st = mv__in_begin(ctx, "gamma", &set, src, NULL, NULL, 0, opt ? opt->split : 0)) < 0) return st;
    if (!(g > 0.0 && mv__finite(g))) return mv__fail(ctx, MEDVOL_E_RANGE, "g", g, -1,
                                                     "gamma: g = %g: must be > 0 and finite", g);
    if (!(mode >= MEDVOL_GAMMA_PLAIN && mode <= MEDVOL_GAMMA_SIGNED))
        return mv__fail(ctx, MEDVOL_E_RANGE, "mode", mode, -1, "gamma: mode = %d: must be 0..2", mode);
    power = set.parts > 1 ? (mv__in_power *)mv__alloc(ctx, set.parts * sizeof one) : &one;
    if (!power) return MEDVOL_E_NOMEM;
    for (i = 0; i < set.parts && st == MEDVOL_OK; i++) {
        mv__memset(&power[i], 0, sizeof one);
        power[i].g = g;
        power[i].mode = mode;
        if (mode != MEDVOL_GAMMA_NORMALISED || (st = mv__in_moments(ctx, &set, i, 1, &p)) < 0) continue;
        if (p.n == 0)
            st = mv__fail(ctx, MEDVOL_E_EMPTY, "count", 0, -1,
                          "gamma: no finite value is left for the range");
        power[i].lo = p.min;
        power[i].range = p.max; /* till the result's type is known */
    }
    if (st == MEDVOL_OK && (st = mv__in_out(ctx, "gamma", &out, dst, src, 0)) == MEDVOL_OK) {
        mv__memset(&map, 0, sizeof map);
        map.op = MV__IN_POWER;
        for (i = 0; i < set.parts && st == MEDVOL_OK; i++) {
            map.power = power[i];
            if (out.dtype == MEDVOL_F32) { /* as the values are: the least one must meet 0 */
                map.power.lo = (double)(float)power[i].lo;
                map.power.range = (double)(float)power[i].range;
            }
            map.power.range -= map.power.lo;
            map.power.scale = 1.0 / (map.power.range + 1e-7);
            st = mv__in_apply(ctx, &map, &out, src, set.axis, i, "gamma");
        }
        st = mv__out_end(ctx, st, &out, dst);
    }
    if (power != &one) mv__free(ctx, power);
    return st;
}
MEDVOL_DEF mv_status mv_gamma_f32(mv_ctx *ctx, float *dst, const float *src, size_t n, double g,
                                  const mv_gamma_opt *opt) {
    mv_volume d, s;
    mv_status st;
    if ((st = mv__in_wrap(ctx, "gamma", "dst", &d, dst, MEDVOL_F32, n)) < 0) return st;
    if ((st = mv__in_wrap(ctx, "gamma", "src", &s, src, MEDVOL_F32, n)) < 0) return st;
    return mv_gamma(ctx, &d, &s, g, opt);
}
#endif
#endif /* MEDVOL_NO_INTENSITY */

/* ==== [SPATIAL] crop, pad, flip, permute, reorient, rotate by 90 degrees. Owns mv__sp_*. Uses [BASE] [CTX]
   [VOLUME]. One engine: a box of counts with two sets of strides, either sign, in bytes. Rows stay rows:
   copied or reversed. When the row axis moves: tiles of source rows transposed in registers into an L1
   buffer, written out as runs of whole cache lines while the next tile is on its way. Source: numpy.pad,
   numpy.rot90, nibabel.orientations (meanings only). ======================== */
#ifndef MEDVOL_NO_SPATIAL
#ifdef MV__PASS
#if MV__PASS == 1 /* shared by all levels */
#  define MV__SP_CAP 12288         /* bytes of a transposed tile, on the stack */
#  define MV__SP_AHEAD ((size_t)8192) /* bytes ahead that memory is asked for */
/* n elements of a padded row at `at`: source elements from `from` on, forwards, backwards, the same again, or
   the fill */
enum { MV__SP_SAME = 0, MV__SP_FILL = 2 };
typedef struct mv__sp_run {
    size_t at, n, from;
    int step;
} mv__sp_run;
/* LOOP(Z) with Z a constant for the element sizes there are, so that copies of an element become moves */
#  define MV__SP_SIZES(size, LOOP) \
      switch (size) { \
          case 1: LOOP(1) break; \
          case 2: LOOP(2) break; \
          case 3: LOOP(3) break; \
          case 4: LOOP(4) break; \
          case 8: LOOP(8) break; \
          case 16: LOOP(16) break; \
          case 32: LOOP(32) break; \
          default: LOOP(size) break; \
      }
/* n elements of S bytes reversed, small ones eight bytes at a time: element i of d is the one i elements
   before s */
static inline void mv__sp_rev_words(unsigned char *d, const unsigned char *s, size_t n, size_t S) {
    const size_t w = 8 / S;
    const uint64_t two = 0x0000ffff0000ffffu, one = 0x00ff00ff00ff00ffu;
    size_t i, j;
    uint64_t v;
    for (i = 0; i < n && n >= w && S < 4; i += w) {
        j = mv__minz(i, n - w); /* the last eight again */
        mv__memcpy(&v, s - (j + w - 1) * S, 8);
        v = v >> 32 | (v & 0xffffffffu) << 32;
        v = (v >> 16 & two) | (v & two) << 16;
        if (S < 2) v = (v >> 8 & one) | (v & one) << 8;
        mv__memcpy(d + j * S, &v, 8);
    }
    for (; i < n; i++) mv__memcpy(d + i * S, s - i * S, S);
}
/* *best takes in x: how 0: added; 1, 2: the lesser, the greater; a NaN stays */
static inline void mv__sp_take_one(double *best, double x, int how) {
    if (how == 0) *best += x;
    else if ((how == 1 ? x < *best : x > *best) || mv__isnan(x)) *best = x;
}
/* bytes to a line */
static inline size_t mv__sp_head(const void *p) { return (64 - (size_t)((uintptr_t)p % 64)) % 64; }
/* Distance to the line to ask for: whole rows, since past a row's end the CPU foresees nothing; within it
   when it is long */
static inline ptrdiff_t mv__sp_next(ptrdiff_t pitch, size_t row) {
    return row < 4 * MV__SP_AHEAD ? pitch * (ptrdiff_t)mv__divup(MV__SP_AHEAD, row) : (ptrdiff_t)MV__SP_AHEAD;
}
/* The lines to ask for while rows are swapped, and the steps to the next: streams are asked for in the
   direction in which their rows follow each other, and two halves of one row as a single stream. */
typedef struct mv__sp_ask {
    const void *a, *b;
    ptrdiff_t sa, sb;
} mv__sp_ask;
static inline mv__sp_ask mv__sp_asking(const void *a, ptrdiff_t ap, const void *b, ptrdiff_t bp, size_t n,
                                       int back) {
    mv__sp_ask r;
    ptrdiff_t last = (ptrdiff_t)((n - 1) / 64 * 64), skip = (ptrdiff_t)mv__divup(MV__SP_AHEAD, n);
    r.sa = r.sb = 64;
    if (n >= 4 * MV__SP_AHEAD) { /* long rows: within them */
        r.a = mv__ahead(a, (ptrdiff_t)MV__SP_AHEAD);
        r.b = mv__ahead(b, back ? last - (ptrdiff_t)MV__SP_AHEAD : (ptrdiff_t)MV__SP_AHEAD);
        if (back) r.sb = -64;
    } else if (back && ap == bp && (uintptr_t)b - (uintptr_t)a < n + 64) {
        r.a = mv__ahead(a, skip * ap);
        r.b = mv__ahead(r.a, 64);
        r.sa = r.sb = 128;
    } else {
        r.a = mv__ahead(a, skip * ap + (ap < 0 ? last : 0));
        r.b = mv__ahead(b, skip * bp + (bp < 0 ? last : 0));
        if (ap < 0) r.sa = -64;
        if (bp < 0) r.sb = -64;
    }
    return r;
}
static inline void mv__sp_asked(mv__sp_ask *r) {
    r->a = mv__ahead(r->a, r->sa);
    r->b = mv__ahead(r->b, r->sb);
}
#endif
#define MV__SP_V (MVF_N * sizeof(float)) /* bytes of a vector */
/* fewer than 64 bytes, without a call */
static inline void MV__K(mv__sp_few)(unsigned char *d, const unsigned char *s, size_t n) {
#define MV__SP_TWICE(Z)                             \
    if (n >= Z) {                                   \
        unsigned char a[Z], b[Z];                   \
        mv__memcpy(a, s, Z);                        \
        mv__memcpy(b, s + n - Z, Z);                \
        mv__memcpy(d, a, Z);                        \
        mv__memcpy(d + n - Z, b, Z);                \
        return;                                     \
    }
    MV__SP_TWICE(32)
    MV__SP_TWICE(16)
    MV__SP_TWICE(8)
    MV__SP_TWICE(4)
    MV__SP_TWICE(2)
    if (n) *d = *s;
#undef MV__SP_TWICE
}
/* once a job: streamed lines are there for other threads */
static void MV__K(mv__sp_done)(void) { mv_fence(); }
/* ---- a run of bytes; nt: whole cache lines past the caches, the rest by plain stores ---- */
static inline void MV__K(mv__sp_bytes)(unsigned char *d, const unsigned char *s, size_t n, ptrdiff_t ahead,
                                       int nt) {
#if MV__PASS > 1
    if (nt && n >= 128) {
        size_t i = mv__sp_head(d), k;
        MV__K(mv__sp_few)(d, s, i);
        for (; i + 64 <= n; i += 64) {
            mv_prefetch(mv__ahead(s, (ptrdiff_t)i + ahead));
            MV__UNROLL for (k = 0; k < 64; k += MV__SP_V)
                mvf_stream((float *)(void *)(d + i + k), mvf_load((const float *)(const void *)(s + i + k)));
        }
        d += i, s += i, n -= i;
    }
#else
    (void)nt;
    (void)ahead;
#endif
    if (n < 64) MV__K(mv__sp_few)(d, s, n);
    else mv__memcpy(d, s, n);
}
static void MV__K(mv__sp_rows)(unsigned char *d, ptrdiff_t dp, const unsigned char *s, ptrdiff_t sp, size_t n,
                               size_t rows, int nt) {
    size_t r;
    ptrdiff_t ahead = mv__sp_next(sp, n);
    for (r = 0; r < rows; r++)
        MV__K(mv__sp_bytes)(d + (ptrdiff_t)r * dp, s + (ptrdiff_t)r * sp, n, ahead, nt);
    mv_end();
}
/* ---- reversed runs: element i of d is the one i elements before s. Rows are asked for forwards all the
   same, which is faster by a third from memory, and from the last cache by a factor of two to four, where the
   processor does not foresee short rows read backwards: `ahead` counts from the low end. Of long rows what
   comes next lies before. ---- */
#if MV__PASS > 1
static inline mvf MV__K(mv__sp_back4)(const unsigned char *p) {
    return mvf_rev(mvf_load((const float *)(const void *)p));
}
static inline mvd MV__K(mv__sp_back8)(const unsigned char *p) {
    return mvd_rev(mvd_load((const double *)(const void *)p));
}
static inline mvf MV__K(mv__sp_back2)(const unsigned char *p) {
    mvi a = mvf_bits(MV__K(mv__sp_back4)(p));
    return mvi_asf(mvi_or(mvi_sll(a, 16), mvi_srl(a, 16)));
}
static inline mvf MV__K(mv__sp_back1)(const unsigned char *p) {
    const mvi low = mvi_set1(0x00ff00ff);
    mvi a = mvf_bits(MV__K(mv__sp_back2)(p));
    return mvi_asf(mvi_or(mvi_sll(mvi_and(a, low), 8), mvi_and(mvi_srl(a, 8), low)));
}
#define MV__SP_REV(S, T, STORE, STREAM)                                                         \
    static inline void MV__K(mv__sp_rev##S)(unsigned char *d, const unsigned char *s, size_t n, \
                                            ptrdiff_t ahead,                                    \
                                                int nt) {                                       \
        const size_t e = MV__SP_V / S;                                                          \
        const unsigned char *ask = n * S < 4 * MV__SP_AHEAD ? s - (n - 1) * S : s;              \
        const ptrdiff_t step = n * S < 4 * MV__SP_AHEAD ? S : -S;                               \
        size_t i = 0;                                                                           \
        if (step < 0) ahead = -(ptrdiff_t)MV__SP_AHEAD;                                         \
        if (nt && n * S >= 128 && (uintptr_t)d % S == 0) {                                      \
            size_t h = mv__sp_head(d) / S, stop = h + (n - h) * S / 64 * 64 / S;                \
            for (; i < h; i++) mv__memcpy(d + i * S, s - i * S, S);                             \
            for (; i < stop; i += e) {                                                          \
                mv_prefetch(mv__ahead(ask, ahead + (ptrdiff_t)i * step));                       \
                STREAM((T *)(void *)(d + i * S), MV__K(mv__sp_back##S)(s - (i + e - 1) * S));   \
            }                                                                                   \
        }                                                                                       \
        if (n - i >= e) { /* whole lines of s; the ends in vectors that overlap those */        \
            size_t lead = ((uintptr_t)s + S - i * S) % MV__SP_V / S;                            \
            if (lead)                                                                           \
                STORE((T *)(void *)(d + i * S), MV__K(mv__sp_back##S)(s - (i + e - 1) * S));    \
            for (i += lead; i + e <= n; i += e) {                                               \
                mv_prefetch(mv__ahead(ask, ahead + (ptrdiff_t)i * step));                       \
                STORE((T *)(void *)(d + i * S), MV__K(mv__sp_back##S)(s - (i + e - 1) * S));    \
            }                                                                                   \
            if (i < n)                                                                          \
                STORE((T *)(void *)(d + (n - e) * S), MV__K(mv__sp_back##S)(s - (n - 1) * S));  \
            return;                                                                             \
        }                                                                                       \
        if (i < n) mv__sp_rev_words(d + i * S, s - i * S, n - i, S);                            \
    }
#else
#define MV__SP_REV(S, T, STORE, STREAM)                                                         \
    static inline void MV__K(mv__sp_rev##S)(unsigned char *d, const unsigned char *s, size_t n, \
                                            ptrdiff_t ahead,                                    \
                                                int nt) {                                       \
        (void)nt;                                                                               \
        (void)ahead;                                                                            \
        mv__sp_rev_words(d, s, n, S);                                                           \
    }
#endif
MV__SP_REV(1, float, mvf_store, mvf_stream)
MV__SP_REV(2, float, mvf_store, mvf_stream)
MV__SP_REV(4, float, mvf_store, mvf_stream)
MV__SP_REV(8, double, mvd_store, mvd_stream)
#undef MV__SP_REV
static inline void MV__K(mv__sp_reverse)(unsigned char *d, const unsigned char *s, size_t n, size_t size,
                                         ptrdiff_t ahead, int nt) {
    unsigned char buf[1536];
    size_t i, j, m;
    switch (size) {
        case 1: MV__K(mv__sp_rev1)(d, s, n, ahead, nt); return;
        case 2: MV__K(mv__sp_rev2)(d, s, n, ahead, nt); return;
        case 4: MV__K(mv__sp_rev4)(d, s, n, ahead, nt); return;
        case 8: MV__K(mv__sp_rev8)(d, s, n, ahead, nt); return;
        default: break;
    }
    for (i = 0; i < n; i += m) { /* other sizes: reversed in L1, then out as bytes */
        m = mv__minz(sizeof buf / size, n - i);
#define MV__SP_LOOP(Z) for (j = 0; j < m; j++) mv__memcpy(buf + j * Z, s - (i + j) * Z, Z);
        MV__SP_SIZES(size, MV__SP_LOOP)
#undef MV__SP_LOOP
        MV__K(mv__sp_bytes)(d + i * size, buf, m * size, 0, nt);
    }
}
static void MV__K(mv__sp_rows_back)(unsigned char *d, ptrdiff_t dp, const unsigned char *s, ptrdiff_t sp,
                                    size_t n, size_t size, size_t rows, int nt) {
    size_t r;
    ptrdiff_t ahead = mv__sp_next(sp, n * size);
    for (r = 0; r < rows; r++)
        MV__K(mv__sp_reverse)(d + (ptrdiff_t)r * dp, s + (ptrdiff_t)r * sp, n, size, ahead, nt);
    mv_end();
}
/* ---- swaps for flips in place: rows of a with rows of b, forwards, or backwards with b at its row's last
   element. Every 64 bytes a line of each is asked for. ---- */
static inline void MV__K(mv__sp_swap_bytes)(unsigned char *a, unsigned char *b, size_t n, mv__sp_ask ask) {
    unsigned char t[64];
    size_t i = 0;
#if MV__PASS > 1
    size_t k;
    for (; i + 64 <= n; i += 64) {
        mv_prefetch(ask.a), mv_prefetch(ask.b);
        mv__sp_asked(&ask);
        MV__UNROLL for (k = 0; k < 64; k += MV__SP_V) {
            float *p = (float *)(void *)(a + i + k), *q = (float *)(void *)(b + i + k);
            mvf x = mvf_load(p), y = mvf_load(q);
            mvf_store(p, y);
            mvf_store(q, x);
        }
    }
#else
    (void)ask;
#endif
    for (; i < n; i += 64) {
        size_t m = mv__minz(64, n - i);
        mv__memcpy(t, a + i, m);
        mv__memcpy(a + i, b + i, m);
        mv__memcpy(b + i, t, m);
    }
}
#if MV__PASS > 1
#define MV__SP_SWAP(S, T, V, STORE)                                              \
    for (; i + 64 / S <= n; i += 64 / S) {                                       \
        mv_prefetch(ask.a), mv_prefetch(ask.b);                                  \
        mv__sp_asked(&ask);                                                      \
        MV__UNROLL for (k = 0; k < 64; k += MV__SP_V) {                          \
            unsigned char *p = a + i * S + k, *q = b + S - i * S - k - MV__SP_V; \
            V x = MV__K(mv__sp_back##S)(p), y = MV__K(mv__sp_back##S)(q);        \
            STORE((T *)(void *)p, y);                                            \
            STORE((T *)(void *)q, x);                                            \
        }                                                                        \
    }
#endif
static inline void MV__K(mv__sp_swap_back)(unsigned char *a, unsigned char *b, size_t n, size_t size,
                                           mv__sp_ask ask) {
    unsigned char t[64];
    size_t i = 0;
#if MV__PASS > 1
    size_t k;
    switch (size) {
        case 1: MV__SP_SWAP(1, float, mvf, mvf_store) break;
        case 2: MV__SP_SWAP(2, float, mvf, mvf_store) break;
        case 4: MV__SP_SWAP(4, float, mvf, mvf_store) break;
        case 8: MV__SP_SWAP(8, double, mvd, mvd_store) break;
        default: break;
    }
#undef MV__SP_SWAP
#else
    (void)ask;
#endif
#define MV__SP_LOOP(Z)                       \
    for (; i < n; i++) {                     \
        mv__memcpy(t, a + i * Z, Z);         \
        mv__memcpy(a + i * Z, b - i * Z, Z); \
        mv__memcpy(b - i * Z, t, Z);         \
    }
    MV__SP_SIZES(size, MV__SP_LOOP)
#undef MV__SP_LOOP
}
static void MV__K(mv__sp_swap_rows)(unsigned char *a, ptrdiff_t ap, unsigned char *b, ptrdiff_t bp, size_t n,
                                    size_t size, size_t rows, int back) {
    for (; rows > 0; rows--, a += ap, b += bp) {
        mv__sp_ask ask = mv__sp_asking(a, ap, back ? b + size - n * size : b, bp, n * size, back);
        if (back) MV__K(mv__sp_swap_back)(a, b, n, size, ask);
        else MV__K(mv__sp_swap_bytes)(a, b, n * size, ask);
    }
    mv_end();
}
/* ---- tiles: t[k * tp + i * size] = s[i * sp + k * size] for i < n0, k < nk; `ahead`: from this tile to the
   next to come. t has room for both counts rounded up to 64 / size. ---- */
#define MV__SP_LOOP(Z)                     \
    for (i = 0; i < n0; i++)               \
        for (k = 0; k < nk; k++) mv__memcpy(t + k * tp + i * Z, s + (ptrdiff_t)i * sp + k * Z, Z);
static void MV__K(mv__sp_tile)(unsigned char *t, size_t tp, const unsigned char *s, ptrdiff_t sp, size_t n0,
                               size_t nk, size_t size, ptrdiff_t ahead) {
    size_t i, k;
    (void)ahead;
    MV__SP_SIZES(size, MV__SP_LOOP)
}
#undef MV__SP_LOOP
#if MV__PASS > 1
MV__INLINE void MV__K(mv__sp_turn4)(unsigned char *t, size_t tp, const unsigned char *s, ptrdiff_t sp,
                                    ptrdiff_t ahead) {
    mvf r[MVF_N];
    int i;
    MV__UNROLL for (i = 0; i < MVF_N; i++, s += sp) {
        r[i] = mvf_load((const float *)(const void *)s);
        mv_prefetch2(mv__ahead(s, ahead));
    }
    mvf_transpose(r);
    MV__UNROLL for (i = 0; i < MVF_N; i++, t += tp) mvf_store((float *)(void *)t, r[i]);
}
MV__INLINE void MV__K(mv__sp_turn8)(unsigned char *t, size_t tp, const unsigned char *s, ptrdiff_t sp,
                                    ptrdiff_t ahead) {
    mvd r[MVD_N];
    int i;
    MV__UNROLL for (i = 0; i < MVD_N; i++, s += sp) {
        r[i] = mvd_load((const double *)(const void *)s);
        mv_prefetch2(mv__ahead(s, ahead));
    }
    mvd_transpose(r);
    MV__UNROLL for (i = 0; i < MVD_N; i++, t += tp) mvd_store((double *)(void *)t, r[i]);
}
/* 2 bytes: rows 2i and 2i + 1 interleaved into words of equal column, even columns (h = 0) then odd; then as
   4 bytes */
MV__INLINE void MV__K(mv__sp_turn2)(unsigned char *t, size_t tp, const unsigned char *s, ptrdiff_t sp,
                                    ptrdiff_t ahead) {
    const mvi lo = mvi_set1(0xffff), hi = mvi_set1(-65536);
    mvf r[MVF_N];
    int i, h;
    for (h = 0; h < 2; h++, t += tp) {
        const unsigned char *p = s;
        unsigned char *q = t;
        MV__UNROLL for (i = 0; i < MVF_N; i++, p += 2 * sp) {
            mvi a = mvi_load((const int32_t *)(const void *)p),
                b = mvi_load((const int32_t *)(const void *)(p + sp));
            mv_prefetch2(mv__ahead(p, h ? ahead : ahead + sp));
            r[i] =
                mvi_asf(h ? mvi_or(mvi_srl(a, 16), mvi_and(b, hi)) : mvi_or(mvi_and(a, lo), mvi_sll(b, 16)));
        }
        mvf_transpose(r);
        MV__UNROLL for (i = 0; i < MVF_N; i++, q += 2 * tp) mvf_store((float *)(void *)q, r[i]);
    }
}
/* 1 byte: four rows interleaved into words of equal column, columns 4j + h and 4j + 2 + h at a time */
MV__INLINE void MV__K(mv__sp_turn1)(unsigned char *t, size_t tp, const unsigned char *s, ptrdiff_t sp,
                                    ptrdiff_t ahead) {
    const mvi even = mvi_set1(0x00ff00ff), lo = mvi_set1(0xffff), hi = mvi_set1(-65536);
    mvf r[MVF_N], u[MVF_N];
    int i, h;
    for (h = 0; h < 2; h++, t += tp) {
        const unsigned char *p = s;
        unsigned char *q = t;
        MV__UNROLL for (i = 0; i < MVF_N; i++, p += 4 * sp) {
            mvi a = mvi_load((const int32_t *)(const void *)p),
                b = mvi_load((const int32_t *)(const void *)(p + sp));
            mvi c = mvi_load((const int32_t *)(const void *)(p + 2 * sp)),
                d = mvi_load((const int32_t *)(const void *)(p + 3 * sp));
            mv_prefetch2(mv__ahead(p, ahead + 2 * h * sp));
            mv_prefetch2(mv__ahead(p, ahead + (2 * h + 1) * sp));
            if (h) {
                a = mvi_srl(a, 8), b = mvi_srl(b, 8), c = mvi_srl(c, 8), d = mvi_srl(d, 8);
            }
            a = mvi_or(mvi_and(a, even), mvi_sll(mvi_and(b, even), 8));
            c = mvi_or(mvi_and(c, even), mvi_sll(mvi_and(d, even), 8));
            r[i] = mvi_asf(mvi_or(mvi_and(a, lo), mvi_sll(c, 16)));
            u[i] = mvi_asf(mvi_or(mvi_srl(a, 16), mvi_and(c, hi)));
        }
        mvf_transpose(r);
        MV__UNROLL for (i = 0; i < MVF_N; i++, q += 4 * tp) mvf_store((float *)(void *)q, r[i]);
        mvf_transpose(u);
        q = t + 2 * tp;
        MV__UNROLL for (i = 0; i < MVF_N; i++, q += 4 * tp) mvf_store((float *)(void *)q, u[i]);
    }
}
#endif
#if MV__PASS > 1
#define MV__SP_TILE(S)                                                                                   \
    static void MV__K(mv__sp_tile##S)(unsigned char *t, size_t tp, const unsigned char *s, ptrdiff_t sp, \
                                      size_t n0, size_t nk,                                              \
                                      size_t size, ptrdiff_t ahead) {                                    \
        enum { E = (int)MV__SP_V / S };                                                                  \
        unsigned char in[E * MV__SP_V]; /* a piece too narrow, filled up */                              \
        size_t i, k, j;                                                                                  \
        (void)size;                                                                                      \
        for (i = 0; i < n0; i += E)                                                                      \
            for (k = 0; k < nk; k += E) {                                                                \
                /* the last: moved back */                                                               \
                size_t x = n0 >= E ? mv__minz(i, n0 - E) : i, y = nk >= E ? mv__minz(k, nk - E) : k;     \
                const unsigned char *p = s + (ptrdiff_t)x * sp + y * S;                                  \
                unsigned char *q = t + y * tp + x * S;                                                   \
                if (n0 >= E && nk >= E) {                                                                \
                    MV__K(mv__sp_turn##S)(q, tp, p, sp, ahead);                                          \
                    continue;                                                                            \
                }                                                                                        \
                mv__memset(in, 0, sizeof in);                                                            \
                for (j = 0; j < E && x + j < n0; j++)                                                    \
                    MV__K(mv__sp_bytes)(in + j * MV__SP_V, p + (ptrdiff_t)j * sp,                        \
                                        mv__minz(E, nk - y) * S, 0, 0);                                  \
                MV__K(mv__sp_turn##S)(q, tp, in, (ptrdiff_t)MV__SP_V, 0);                                \
            }                                                                                            \
        mv_end();                                                                                        \
    }
#else
#define MV__SP_TILE(S)                                                                                   \
    static void MV__K(mv__sp_tile##S)(unsigned char *t, size_t tp, const unsigned char *s, ptrdiff_t sp, \
                                      size_t n0, size_t nk,                                              \
                                      size_t size, ptrdiff_t ahead) {                                    \
        MV__K(mv__sp_tile)(t, tp, s, sp, n0, nk, size, ahead);                                           \
    }
#endif
MV__SP_TILE(1)
#if MV__PASS < 4 /* level 4 takes level 3's: MV__SP_PICK */
MV__SP_TILE(2)
MV__SP_TILE(4)
MV__SP_TILE(8)
#endif
#undef MV__SP_TILE
/* a short run, without a call */
static inline void MV__K(mv__sp_line)(unsigned char *d, const unsigned char *s, size_t n) {
    for (; n >= 64; n -= 64, d += 64, s += 64) mv__memcpy(d, s, 64);
    MV__K(mv__sp_few)(d, s, n);
}
/* A tile out: rows of n bytes at t + 64. With nt only whole lines leave; what is over waits in front of the
   next tile's rows. first, last: the tile begins, ends the rows. */
static void MV__K(mv__sp_emit)(unsigned char *d, ptrdiff_t dp, unsigned char *t, size_t tp, size_t n,
                               size_t rows, int nt, int first, int last) {
    size_t r;
#if MV__PASS > 1
    if (nt && ((uintptr_t)d | (uintptr_t)dp | n) % 64 == 0) { /* nothing but whole lines */
        size_t i, k;
        for (r = 0, t += 64; r < rows; r++, t += tp, d += dp)
            for (i = 0; i < n; i += 64)
                MV__UNROLL for (k = 0; k < 64; k += MV__SP_V) mvf_stream(
                    (float *)(void *)(d + i + k), mvf_load((const float *)(const void *)(t + i + k)));
        mv_end();
        return;
    }
#endif
    for (r = 0; r < rows; r++) {
        unsigned char *p = d + (ptrdiff_t)r * dp, *q = t + r * tp + 64;
#if MV__PASS > 1
        if (nt) {
            size_t i, k, c = first ? 0 : (size_t)((uintptr_t)p % 64), m = n + c;
            p -= c;
            q -= c;
            i = first ? mv__minz(mv__sp_head(p), m) : 0;
            MV__K(mv__sp_few)(p, q, i);
            for (; i + 64 <= m; i += 64)
                MV__UNROLL for (k = 0; k < 64; k += MV__SP_V) mvf_stream(
                    (float *)(void *)(p + i + k), mvf_load((const float *)(const void *)(q + i + k)));
            if (last) MV__K(mv__sp_few)(p + i, q + i, m - i);
            else mv__memcpy(t + r * tp, q + m - 64, 64);
            continue;
        }
#endif
        MV__K(mv__sp_line)(p, q, n);
    }
    (void)first;
    (void)last;
    (void)nt;
    mv_end();
}
/* ---- padded rows: runs of the source row and fill; pat holds `period` bytes of whole
   elements and 64 more ---- */
static inline void MV__K(mv__sp_fill)(unsigned char *d, size_t n, const unsigned char *pat, size_t period,
                                      int nt) {
    size_t i = 0, ph = 0;
#if MV__PASS > 1
    if (nt && n >= 128) {
        size_t k;
        i = ph = mv__sp_head(d);
        MV__K(mv__sp_few)(d, pat, i);
        for (; i + 64 <= n; i += 64) {
            MV__UNROLL for (k = 0; k < 64; k += MV__SP_V) mvf_stream(
                (float *)(void *)(d + i + k), mvf_load((const float *)(const void *)(pat + ph + k)));
            ph = ph + 64 >= period ? ph + 64 - period : ph + 64;
        }
    }
#else
    (void)nt;
#endif
    for (; i + 64 <= n; i += 64) {
        mv__memcpy(d + i, pat + ph, 64);
        ph = ph + 64 >= period ? ph + 64 - period : ph + 64;
    }
    MV__K(mv__sp_few)(d + i, pat + ph, n - i);
}
/* ---- sums, least and greatest of lines: acc[i & wrap] takes in x[i], as mv__sp_take_one. wrap: 15 for one
   line in 16 stripes, (size_t)-1 for neighbouring lines ---- */
static void MV__K(mv__sp_take_in)(double *acc, const double *x, size_t n, size_t wrap, int how) {
    size_t i = 0;
    for (; i + MVD_N <= n; i += MVD_N) {
        mvd a = mvd_load(acc + (i & wrap)), v = mvd_load(x + i);
        if (how == 0) a = mvd_add(a, v);
        else {
            a = mvd_sel(how == 1 ? mvd_lt(v, a) : mvd_lt(a, v), v, a);
            a = mvd_sel(mvd_isnan(v), v, a);
        }
        mvd_store(acc + (i & wrap), a);
    }
    for (; i < n; i++) mv__sp_take_one(acc + (i & wrap), x[i], how);
    mv_end();
}
static void MV__K(mv__sp_pad_rows)(unsigned char *d, ptrdiff_t dp, const unsigned char *s, ptrdiff_t sp,
                                   size_t rows, const mv__sp_run *run, size_t nrun, size_t size,
                                   const unsigned char *pat, int nt) {
    unsigned char own[256];
    size_t period = mv__divup(64, size) * size, r, j, k;
    for (r = 0; r < rows; r++) {
        unsigned char *o = d + (ptrdiff_t)r * dp;
        const unsigned char *p = s + (ptrdiff_t)r * sp;
        for (j = 0; j < nrun; j++) {
            unsigned char *q = o + run[j].at * size;
            if (run[j].step == 1) MV__K(mv__sp_bytes)(q, p + run[j].from * size, run[j].n * size, 0, nt);
            else if (run[j].step == MV__SP_FILL) MV__K(mv__sp_fill)(q, run[j].n * size, pat, period, nt);
            else if (run[j].step == -1)
                MV__K(mv__sp_reverse)(q, p + run[j].from * size, run[j].n, size, 0, nt);
            else if (run[j].n * size < 64) { /* few: sooner written than a pattern */
#define MV__SP_LOOP(Z) for (k = 0; k < run[j].n; k++) mv__memcpy(q + k * Z, p + run[j].from * Z, Z);
                MV__SP_SIZES(size, MV__SP_LOOP)
#undef MV__SP_LOOP
            } else {
#define MV__SP_LOOP(Z) for (k = 0; k < period + 64; k += Z) mv__memcpy(own + k, p + run[j].from * Z, Z);
                MV__SP_SIZES(size, MV__SP_LOOP)
#undef MV__SP_LOOP
                MV__K(mv__sp_fill)(q, run[j].n * size, own, period, nt);
            }
        }
    }
    mv_end();
}
/* How many of n bytes are 0 from the start on, by whole blocks. */
static size_t MV__K(mv__sp_zeros)(const unsigned char *p, size_t n) {
    size_t i = 0;
#if MV__PASS > 1
    const mvi zero = mvi_set1(0);
    for (; i + 4 * MV__SP_V <= n; i += 4 * MV__SP_V) {
        const float *x = (const float *)(const void *)(p + i);
        const mvi a = mvi_or(mvf_bits(mvf_load(x)), mvf_bits(mvf_load(x + MVF_N))),
                  b = mvi_or(mvf_bits(mvf_load(x + 2 * MVF_N)), mvf_bits(mvf_load(x + 3 * MVF_N)));
        mv_prefetch(mv__ahead(x, (ptrdiff_t)MV__SP_AHEAD));
        mv_prefetch(mv__ahead(x + 2 * MVF_N, (ptrdiff_t)MV__SP_AHEAD));
        if (mvm_bits(mvi_eq(mvi_or(a, b), zero)) != (1u << MVF_N) - 1) break;
    }
    mv_end();
#else
    uint64_t w[4];
    for (; i + sizeof w <= n; i += sizeof w) {
        mv__memcpy(w, p + i, sizeof w);
        if (w[0] | w[1] | w[2] | w[3]) break;
    }
#endif
    return i;
}
#undef MV__SP_V
/* The index of the first value of n that is below lo or above hi, n when none is; back: one behind the last,
   or 0. ahead: bytes to a row that will be looked at in the same way. */
#define MV__SP_HIT(v) mvm_or(mvf_lt(v, l), mvf_gt(v, h))
#define MV__SP_ENDS(T, name, LOAD)                                                                           \
    static size_t MV__K(mv__sp_ends_##name)(const void *src, size_t n, float lo, float hi, int back,         \
                                          ptrdiff_t ahead) {                                                 \
        const T *x = (const T *)src;                                                                         \
        const mvf l = mvf_set1(lo), h = mvf_set1(hi);                                                        \
        size_t i = 0, k;                                                                                     \
        unsigned hit = 0;                                                                                    \
        for (; i + 4 * MVF_N <= n; i += 4 * MVF_N) {                                                         \
            const T *p = back ? x + n - i - 4 * MVF_N : x + i;                                               \
            const mvf a = LOAD(p), b = LOAD(p + MVF_N), c = LOAD(p + 2 * MVF_N), d = LOAD(p + 3 * MVF_N);    \
            for (k = 0; k < 4 * MVF_N; k += 64 / sizeof(T)) mv_prefetch(mv__ahead(p + k, ahead));            \
            if (mvm_bits(mvm_or(mvm_or(MV__SP_HIT(a), MV__SP_HIT(b)),                                        \
                                mvm_or(MV__SP_HIT(c), MV__SP_HIT(d)))))                                      \
                break;                                                                                       \
        }                                                                                                    \
        for (; i + MVF_N <= n && !hit; i += MVF_N) {                                                         \
            const mvf a = LOAD(back ? x + n - i - MVF_N : x + i);                                            \
            hit = mvm_bits(MV__SP_HIT(a));                                                                   \
        }                                                                                                    \
        mv_end();                                                                                            \
        if (hit) i -= MVF_N;                                                                                 \
        for (; i < n; i++) {                                                                                 \
            k = back ? n - 1 - i : i;                                                                        \
            if ((float)x[k] < lo || (float)x[k] > hi) return back ? k + 1 : k;                               \
        }                                                                                                    \
        return back ? 0 : n;                                                                                 \
    }
#define MV__SP_FROM_U8(p) mvf_fromi(mvi_load_u8(p))
#define MV__SP_FROM_I16(p) mvf_fromi(mvi_load_i16(p))
#define MV__SP_FROM_U16(p) mvf_fromi(mvi_load_u16(p))
MV__SP_ENDS(uint8_t, u8, MV__SP_FROM_U8)
MV__SP_ENDS(int16_t, i16, MV__SP_FROM_I16)
MV__SP_ENDS(uint16_t, u16, MV__SP_FROM_U16)
MV__SP_ENDS(float, f32, mvf_load)
#undef MV__SP_ENDS
#undef MV__SP_HIT
#undef MV__SP_FROM_U8
#undef MV__SP_FROM_I16
#undef MV__SP_FROM_U16
#else
/* ---- the engine: strides in bytes, either sign; counts of dst's axes, the fastest first ---- */
typedef struct mv__sp_box {
    int nd, across;
    size_t n[7], size;
    ptrdiff_t ds[7], ss[7];
    unsigned char *d;
    const unsigned char *s;
    int nt; /* streaming stores */
    /* rows of `len` elements in pieces, or a group of rows a job */
    size_t len, rows, pieces, group;
    /* turned: tiles over axis 0 and axis 1, which is s's fastest */
    size_t b0, bk, nb0, nbk, last0, lastk, tiles, unit, ahead;
    void (*row)(unsigned char *, ptrdiff_t, const unsigned char *, ptrdiff_t, size_t, size_t, int);
    void (*back)(unsigned char *, ptrdiff_t, const unsigned char *, ptrdiff_t, size_t, size_t, size_t, int);
    void (*tile)(unsigned char *, size_t, const unsigned char *, ptrdiff_t, size_t, size_t, size_t,
                 ptrdiff_t);
    void (*done)(void);
    void (*send)(unsigned char *, ptrdiff_t, unsigned char *, size_t, size_t, size_t, int, int, int);
    void (*swap)(unsigned char *, ptrdiff_t, unsigned char *, ptrdiff_t, size_t, size_t, size_t, int);
} mv__sp_box;
#define MV__SP_JOB ((size_t)256 << 10) /* bytes a job */
static void mv__sp_swap_axes(mv__sp_box *b, int i, int j) {
    size_t n = b->n[i];
    ptrdiff_t ds = b->ds[i], ss = b->ss[i];
    b->n[i] = b->n[j], b->ds[i] = b->ds[j], b->ss[i] = b->ss[j];
    b->n[j] = n, b->ds[j] = ds, b->ss[j] = ss;
}
static void mv__sp_drop_axis(mv__sp_box *b, int k) {
    for (b->nd--; k < b->nd; k++) b->n[k] = b->n[k + 1], b->ds[k] = b->ds[k + 1], b->ss[k] = b->ss[k + 1];
}
/* Fewest axes: those of one voxel dropped, dst strides made positive and ascending, neighbours that continue
   each other joined. */
static void mv__sp_simplify(mv__sp_box *b) {
    int i, j;
    for (i = b->nd - 1; i >= 0; i--) {
        if (b->n[i] == 1) { mv__sp_drop_axis(b, i); continue; }
        if (b->ds[i] < 0) {
            b->d += b->ds[i] * (ptrdiff_t)(b->n[i] - 1);
            b->s += b->ss[i] * (ptrdiff_t)(b->n[i] - 1);
            b->ds[i] = -b->ds[i];
            b->ss[i] = -b->ss[i];
        }
    }
    for (i = 1; i < b->nd; i++)
        for (j = i; j > 0 && b->ds[j] < b->ds[j - 1]; j--) mv__sp_swap_axes(b, j, j - 1);
    for (i = 0; i + 1 < b->nd;) {
        ptrdiff_t n = (ptrdiff_t)b->n[i];
        if (b->ds[i + 1] == b->ds[i] * n && b->ss[i + 1] == b->ss[i] * n) {
            b->n[i] *= b->n[i + 1];
            mv__sp_drop_axis(b, i + 1);
        } else i++;
    }
    if (b->nd == 0) b->nd = 1, b->n[0] = 1, b->ds[0] = b->ss[0] = (ptrdiff_t)b->size;
}
/* Offsets of combined index i over the axes from `from` on. */
static void mv__sp_outer(const mv__sp_box *b, int from, size_t i, ptrdiff_t *od, ptrdiff_t *os) {
    int k;
    *od = *os = 0;
    for (k = from; k < b->nd; k++) {
        *od += (ptrdiff_t)(i % b->n[k]) * b->ds[k];
        *os += (ptrdiff_t)(i % b->n[k]) * b->ss[k];
        i /= b->n[k];
    }
}
static void mv__sp_pick(unsigned char *d, ptrdiff_t ds, const unsigned char *s, ptrdiff_t ss, size_t n,
                        size_t size) {
    ptrdiff_t i, m = (ptrdiff_t)n;
#define MV__SP_LOOP(Z) for (i = 0; i < m; i++) mv__memcpy(d + i * ds, s + i * ss, Z);
    MV__SP_SIZES(size, MV__SP_LOOP)
#undef MV__SP_LOOP
}
static void mv__sp_rows_job(void *arg, size_t job) {
    const mv__sp_box *b = (const mv__sp_box *)arg;
    size_t row, end, at = 0, n = b->len, n1 = b->nd > 1 ? b->n[1] : 1, k, z = b->size;
    ptrdiff_t d1 = b->nd > 1 ? b->ds[1] : 0, s1 = b->nd > 1 ? b->ss[1] : 0, od, os;
    if (b->pieces > 1) {
        size_t piece = mv__divup(mv__divup(n, b->pieces), 64) * 64;
        row = job / b->pieces, end = row + 1;
        at = mv__minz(n, job % b->pieces * piece);
        n = mv__minz(piece, n - at);
        if (n == 0) return;
    } else row = job * b->group, end = mv__minz(b->rows, row + b->group);
    for (; row < end; row += k) { /* as many rows at a time as lie along axis 1 */
        unsigned char *d;
        const unsigned char *s;
        k = mv__minz(n1 - row % n1, end - row);
        mv__sp_outer(b, 2, row / n1, &od, &os);
        d = b->d + od + (ptrdiff_t)(row % n1) * d1 + (ptrdiff_t)at * b->ds[0];
        s = b->s + os + (ptrdiff_t)(row % n1) * s1 + (ptrdiff_t)at * b->ss[0];
        if (b->swap) (b->swap)(d, d1, (unsigned char *)(uintptr_t)s, s1, n, z, k, b->ss[0] < 0);
        else if (b->ds[0] == (ptrdiff_t)z && b->ss[0] == (ptrdiff_t)z) b->row(d, d1, s, s1, n * z, k, b->nt);
        else if (b->ds[0] == (ptrdiff_t)z && b->ss[0] == -(ptrdiff_t)z) b->back(d, d1, s, s1, n, z, k, b->nt);
        else {
            size_t r;
            for (r = 0; r < k; r++)
                mv__sp_pick(d + (ptrdiff_t)r * d1, b->ds[0], s + (ptrdiff_t)r * s1, b->ss[0], n, z);
        }
    }
    if (b->nt) b->done();
}
static size_t mv__sp_rows_plan(mv__sp_box *b) { /* number of jobs */
    int k;
    b->len = b->n[0];
    MV__KNOWN(b->len * b->size > 0);
    for (b->rows = 1, k = 1; k < b->nd; k++) b->rows *= b->n[k];
    b->pieces =
        mv__divup(b->len * b->size, 2 * MV__SP_JOB) == 1 ? 1 : mv__divup(b->len * b->size, MV__SP_JOB);
    b->group = mv__maxz(1, MV__SP_JOB / (b->len * b->size));
    return b->pieces > 1 ? b->rows * b->pieces : mv__divup(b->rows, b->group);
}
/* Start of the last of the pieces of b that n is cut into: not shorter than `unit` when the one before can
   spare it. */
static size_t mv__sp_last(size_t n, size_t b, size_t unit) {
    size_t at = (n - 1) / b * b;
    return at > 0 && n - at < unit && b >= 2 * unit ? n - unit : at;
}
/* The walk over tiles, without a division a step: piece i of axis 0, piece k of axis 1, indices of the others
   and their place. */
typedef struct mv__sp_walk {
    size_t i, k, at[7];
    unsigned char *d;
    const unsigned char *s;
} mv__sp_walk;
static void mv__sp_walk_to(const mv__sp_box *b, mv__sp_walk *w, size_t id) {
    int a;
    w->i = b->across ? id / b->nbk % b->nb0 : id % b->nb0;
    w->k = b->across ? id % b->nbk : id / b->nb0 % b->nbk;
    id = id / b->nbk / b->nb0;
    w->d = b->d;
    w->s = b->s;
    for (a = 2; a < b->nd; a++) {
        w->at[a] = id % b->n[a];
        id /= b->n[a];
        w->d += (ptrdiff_t)w->at[a] * b->ds[a];
        w->s += (ptrdiff_t)w->at[a] * b->ss[a];
    }
}
/* across: along src's rows first, else along dst's */
static void mv__sp_walk_on(const mv__sp_box *b, mv__sp_walk *w) {
    int a;
    if (b->across) {
        if (++w->k < b->nbk) return;
        w->k = 0;
        if (++w->i < b->nb0) return;
        w->i = 0;
    } else {
        if (++w->i < b->nb0) return;
        w->i = 0;
        if (++w->k < b->nbk) return;
        w->k = 0;
    }
    for (a = 2; a < b->nd; a++) {
        w->d += b->ds[a];
        w->s += b->ss[a];
        if (++w->at[a] < b->n[a]) return;
        w->at[a] = 0;
        w->d -= (ptrdiff_t)b->n[a] * b->ds[a];
        w->s -= (ptrdiff_t)b->n[a] * b->ss[a];
    }
}
static const unsigned char *mv__sp_walk_src(const mv__sp_box *b, const mv__sp_walk *w) {
    size_t i0 = w->i + 1 == b->nb0 ? b->last0 : w->i * b->b0,
           k0 = w->k + 1 == b->nbk ? b->lastk : w->k * b->bk;
    return w->s + (ptrdiff_t)i0 * b->ss[0] + (ptrdiff_t)k0 * b->ss[1];
}
MV__WRAPS static void mv__sp_tiles_job(void *arg, size_t job) {
    const mv__sp_box *b = (const mv__sp_box *)arg;
    unsigned char room[MV__SP_CAP + 128], *t = room + 64 + mv__sp_head(room + 64);
    size_t id = job * b->group, end = mv__minz(b->tiles, id + b->group),
           tp = mv__divup(b->b0 * b->size, 64) * 64;
    mv__sp_walk w, next;
    int first = 1;
    if (b->across) t -= 64; /* nothing is carried */
    else tp += 64;
    mv__sp_walk_to(b, &w, id);
    mv__sp_walk_to(b, &next, mv__minz(id + b->ahead, b->tiles - 1));
    for (; id < end; id++) {
        size_t i0 = w.i + 1 == b->nb0 ? b->last0 : w.i * b->b0, i1 = w.i + 1 == b->nb0   ? b->n[0]
                                                                     : w.i + 2 == b->nb0 ? b->last0
                                                                                         : i0 + b->b0;
        size_t k0 = w.k + 1 == b->nbk ? b->lastk : w.k * b->bk, k1 = w.k + 1 == b->nbk   ? b->n[1]
                                                                     : w.k + 2 == b->nbk ? b->lastk
                                                                                         : k0 + b->bk;
        const unsigned char *s = mv__sp_walk_src(b, &w), *sn = mv__sp_walk_src(b, &next);
        b->tile(t + 64, tp, s, b->ss[0], i1 - i0, k1 - k0, b->size,
                (ptrdiff_t)((uintptr_t)sn - (uintptr_t)s));
        b->send(w.d + (ptrdiff_t)i0 * b->ds[0] + (ptrdiff_t)k0 * b->ds[1], b->ds[1], t, tp,
                (i1 - i0) * b->size, k1 - k0, b->nt, first || b->across || w.i == 0,
                b->across || id + 1 == end || i1 == b->n[0]);
        first = 0;
        mv__sp_walk_on(b, &w);
        if (id + 1 + b->ahead < b->tiles) mv__sp_walk_on(b, &next);
    }
    if (b->nt) b->done();
}
/* Tiles of level 3 serve level 4 too: eight rows at a time wait less for memory than sixteen (measured on Zen
   5: 1.1 to 1.3x). */
#if MV__LEVELS > 3
#  define MV__SP_PICK(k) (mv_level() > 2 ? k##_avx2 : MV__IF2(k) k##_scalar)
#else
#  define MV__SP_PICK(k) MV__PICK(k)
#endif
static size_t mv__sp_tiles_plan(mv__sp_box *b) {
    /* elements of 1, 2, 4, 8 bytes and others: rows of dst and of src, with what is over carried along, in
       whole lines, in whole lines past the caches, the same to rows that lie together */
    static const unsigned char shape[4][5][2] = {{{128, 64}, {64, 64}, {32, 64}, {16, 64}, {192, 48}},
                                                 {{128, 64}, {96, 64}, {64, 32}, {32, 32}, {192, 48}},
                                                 {{128, 64}, {96, 64}, {48, 64}, {32, 32}, {192, 48}},
                                                 {{128, 64}, {96, 64}, {32, 64}, {32, 32}, {192, 48}}};
    int k, kind = b->size == 1 ? 0 : b->size == 2 ? 1 : b->size == 4 ? 2 : b->size == 8 ? 3 : 4;
    int form;
    size_t outer = 1, r0, rk, lines = (size_t)(uintptr_t)b->d | (b->n[0] * b->size);
    for (k = 1; k < b->nd; k++) {
        lines |= (size_t)b->ds[k];
        if (k > 1) outer *= b->n[k];
    }
    b->across = kind < 4 && lines % 64 == 0;
    /* whole lines at large steps push each other out of the caches long before these are full */
    if (b->across && outer * b->n[0] * b->n[1] * b->size > MV__NT_BYTES / 4) b->nt = 1;
    b->unit = kind < 4 ? 64 / b->size : 16;
    /* rows of src at steps of a power of two share a few places in the caches: short ones of these */
    form = !b->across ? 0 : !b->nt ? 1 : b->ds[1] <= 16384 ? 3 : b->ss[0] % 65536 == 0 ? 1 : 2;
    b->b0 = shape[form][kind][0];
    b->bk = shape[form][kind][1];
    if (kind == 4) b->b0 = mv__maxz(1, b->b0 / b->size);
    r0 = mv__divup(b->n[0], b->unit) * b->unit;
    rk = mv__divup(b->n[1], b->unit) * b->unit;
    if (kind < 4 && r0 < b->b0) { /* few in one direction: more in the other */
        b->b0 = r0;
        b->bk = MV__SP_CAP / (64 + r0 * b->size) / b->unit * b->unit;
    } else if (kind < 4 && rk < b->bk) {
        b->bk = rk;
        b->b0 = (MV__SP_CAP / rk - 64) / b->size / b->unit * b->unit;
    }
    b->nb0 = mv__divup(b->n[0], b->b0);
    b->nbk = mv__divup(b->n[1], b->bk);
    MV__KNOWN(b->nb0 > 0);
    b->last0 = mv__sp_last(b->n[0], b->b0, b->unit);
    b->lastk = mv__sp_last(b->n[1], b->bk, b->unit);
    b->tiles = outer * b->nb0 * b->nbk;
    b->group = mv__maxz(1, MV__SP_JOB / (b->b0 * b->bk * b->size));
    b->ahead = b->across ? 1 : b->nb0 <= 16 ? b->nb0 : 2;
    if (b->group > b->nb0) b->group = b->group / b->nb0 * b->nb0; /* whole rows */
    b->send = MV__PICK(mv__sp_emit);
    switch (b->size) {
        case 1:
            b->tile = MV__BIG_ENDIAN ? MV__PICK(mv__sp_tile)
                      : b->across    ? MV__PICK(mv__sp_tile1)
                      /* cppcheck-suppress duplicateExpressionTernary ; these differ above the scalar level */
                                     : MV__SP_PICK(mv__sp_tile1);
            break;
        case 2: b->tile = MV__BIG_ENDIAN ? MV__PICK(mv__sp_tile) : MV__SP_PICK(mv__sp_tile2); break;
        case 4: b->tile = MV__SP_PICK(mv__sp_tile4); break;
        case 8: b->tile = MV__SP_PICK(mv__sp_tile8); break;
        default: b->tile = MV__PICK(mv__sp_tile); break;
    }
    return mv__divup(b->tiles, b->group);
}
#undef MV__SP_PICK
/* Rows in the order of src: streamed lines may go anywhere, while memory is read fastest forwards. Rows that
   share lines with their neighbours in dst stay next to these. */
static void mv__sp_by_source(mv__sp_box *b) {
    size_t lines = (size_t)(uintptr_t)b->d | (b->n[0] * b->size);
    int i, j;
    for (i = 1; i < b->nd; i++) {
        lines |= (size_t)b->ds[i];
        if (b->ss[i] >= 0) continue;
        b->d += b->ds[i] * (ptrdiff_t)(b->n[i] - 1);
        b->s += b->ss[i] * (ptrdiff_t)(b->n[i] - 1);
        b->ds[i] = -b->ds[i];
        b->ss[i] = -b->ss[i];
    }
    if (lines % 64) return;
    for (i = 2; i < b->nd; i++)
        for (j = i; j > 1 && b->ss[j] < b->ss[j - 1]; j--) mv__sp_swap_axes(b, j, j - 1);
}
static mv_status mv__sp_run_box(mv_ctx *ctx, mv__sp_box *b, const char *label) {
    int k, from = -1;
    ptrdiff_t z = (ptrdiff_t)b->size;
    mv__sp_simplify(b);
    b->row = MV__PICK(mv__sp_rows);
    b->done = MV__PICK(mv__sp_done);
    b->back = MV__PICK(mv__sp_rows_back);
    b->swap = NULL;
    for (k = 0; k < b->nd; k++)
        if (b->ss[k] == z || b->ss[k] == -z) from = k;
    if (b->ds[0] != z || from <= 0 || b->ss[0] == z || b->ss[0] == -z) {
        if (b->nt) mv__sp_by_source(b);
        return mv_parallel_for(ctx, mv__sp_rows_plan(b), mv__sp_rows_job, b, label);
    }
    for (k = from; k > 1; k--) mv__sp_swap_axes(b, k, k - 1); /* s's fastest axis second, run forwards */
    if (b->ss[1] < 0) {
        b->d += b->ds[1] * (ptrdiff_t)(b->n[1] - 1);
        b->s += b->ss[1] * (ptrdiff_t)(b->n[1] - 1);
        b->ds[1] = -b->ds[1];
        b->ss[1] = z;
    }
    return mv_parallel_for(ctx, mv__sp_tiles_plan(b), mv__sp_tiles_job, b, label);
}
/* Flips within one block: from the outermost flipped axis inwards, each half is swapped with its mirror
   image; of an odd axis the middle plane is left, in which the other axes go on. ss < 0 marks a flipped axis,
   and s is where d's first voxel goes. */
static mv_status mv__sp_flip_inplace(mv_ctx *ctx, mv__sp_box *b) {
    mv_status st = MEDVOL_OK;
    mv__sp_simplify(b);
    b->swap = MV__PICK(mv__sp_swap_rows);
    for (;;) {
        mv__sp_box h;
        int k = b->nd - 1;
        while (k >= 0 && b->ss[k] > 0) k--;
        if (k < 0) return st;
        h = *b;
        h.n[k] = b->n[k] / 2;
        if (h.n[k] > 0) {
            if (h.ds[0] != (ptrdiff_t)h.size) { /* rows of one element each */
                for (h.nd++, k = h.nd - 1; k > 0; k--)
                    h.n[k] = h.n[k - 1], h.ds[k] = h.ds[k - 1], h.ss[k] = h.ss[k - 1];
                h.n[0] = 1, h.ds[0] = h.ss[0] = (ptrdiff_t)h.size;
            }
            st = mv_parallel_for(ctx, mv__sp_rows_plan(&h), mv__sp_rows_job, &h, NULL);
            if (st < 0) return st;
            k = b->nd - 1;
            while (b->ss[k] > 0) k--;
        }
        if (b->n[k] % 2 == 0) return st;
        b->d += (ptrdiff_t)(b->n[k] / 2) * b->ds[k];
        b->s += (ptrdiff_t)(b->n[k] / 2) * b->ss[k];
        mv__sp_drop_axis(b, k);
        if (b->nd == 0) return st;
    }
}

/* ---- header: the slice axis and its timing follow ---- */
static void mv__sp_slices_clear(mv_nifti *h) {
    h->slice_code = 0;
    h->slice_start = h->slice_end = 0;
    h->slice_duration = 0.0;
}
/* axis of the slices when their range is set and valid, or -1 */
static int mv__sp_slices(mv_nifti *h, const mv_volume *src) {
    int axis = h->dim_info >> 4 & 3;
    axis = axis ? axis - 1 : 2;
    if (h->slice_code == 0 && h->slice_start == 0 && h->slice_end == 0) return -1;
    if (axis >= src->ndim) { mv__sp_slices_clear(h); return -1; }
    if (h->slice_start == 0 && h->slice_end == 0) h->slice_end = (int64_t)src->dim[axis] - 1;
    if (h->slice_start < 0 || h->slice_end < h->slice_start || (uint64_t)h->slice_end >= src->dim[axis]) {
        mv__sp_slices_clear(h);
        return -1;
    }
    return axis;
}
static void mv__sp_header_turn(mv_nifti *h, const mv_volume *src, int nd, const int *order, unsigned flips) {
    static const int mirror[7] = {0, 2, 1, 4, 3, 6, 5}; /* increasing and decreasing patterns change places */
    int place[4] = {0, 0, 0, 0}, named, axis, d, info = 0;
    if (!h) return;
    for (d = 0; d < nd && d < 3; d++)
        if (order[d] < 3) place[order[d] + 1] = d + 1;
    for (; d < 3; d++) place[d + 1] = d + 1;
    named = (h->dim_info >> 4 & 3) != 0;
    axis = mv__sp_slices(h, src);
    if (axis >= 0) {
        if (flips >> axis & 1) {
            int64_t last = (int64_t)src->dim[axis] - 1, start = h->slice_start;
            h->slice_start = last - h->slice_end;
            h->slice_end = last - start;
            if (h->slice_code >= 0 && h->slice_code <= 6) h->slice_code = mirror[h->slice_code];
        }
        if (place[axis + 1] == 0 || (!named && place[axis + 1] != 3)) mv__sp_slices_clear(h);
    }
    for (d = 0; d < 6; d += 2) info |= place[h->dim_info >> d & 3] << d;
    h->dim_info = info;
}
static void mv__sp_header_box(mv_nifti *h, const mv_volume *src, const size_t *start, const size_t *size,
                              const size_t *before) {
    int axis;
    if (!h || (axis = mv__sp_slices(h, src)) < 0) return;
    if ((uint64_t)h->slice_start >= start[axis] && (uint64_t)h->slice_end - start[axis] < size[axis]) {
        h->slice_start += (int64_t)before[axis] - (int64_t)start[axis];
        h->slice_end += (int64_t)before[axis] - (int64_t)start[axis];
    } else mv__sp_slices_clear(h);
}

/* ---- flip, permute, reorient, rot90: dst axis d is src axis order[d]; flips: bits of src axes ---- */
static void mv__sp_turn_geometry(mv_volume *out, const mv_volume *src, int nd, const int *order,
                                 unsigned flips) {
    double a[12], step[4], spacing[3];
    int d, r;
    mv__memcpy(a, src->affine, sizeof a);
    mv__memcpy(step, src->step, sizeof step);
    mv_affine_spacing(spacing, a);
    for (d = 0; d < 3; d++)
        for (r = 0; r < 3 && (flips >> d & 1); r++) {
            a[4 * r + 3] += a[4 * r + d] * (double)((d < src->ndim ? src->dim[d] : 1) - 1);
            a[4 * r + d] = 0.0 - a[4 * r + d]; /* no -0 */
        }
    for (r = 0; r < 3; r++) out->affine[4 * r + 3] = a[4 * r + 3];
    for (d = 0; d < 7; d++) {
        int from = d < nd ? order[d] : d;
        if (d < 3)
            for (r = 0; r < 3; r++) out->affine[4 * r + d] = from < 3 ? a[4 * r + from] : 0.0;
        else out->step[d - 3] = from < 3 ? spacing[from] : step[from - 3];
    }
}
static mv_status mv__sp_turn(mv_ctx *ctx, const char *op, mv_volume *dst, const mv_volume *src, int nd,
                             const int *order, unsigned flips) {
    mv__sp_box b;
    mv_volume out;
    size_t dim[7];
    int d, same = 1;
    mv_status st;
    for (d = 0; d < nd; d++) {
        dim[d] = order[d] < src->ndim ? src->dim[order[d]] : 1;
        same = same && order[d] == d;
    }
    st = mv__out_begin(ctx, op, &out, dst, src, src->dtype, nd, dim, same ? MV__OUT_INPLACE : 0);
    if (st < 0) return st;
    mv__memset(&b, 0, sizeof b);
    b.size = mv_dtype_size(src->dtype);
    b.nd = nd;
    b.d = (unsigned char *)out.data;
    b.s = (const unsigned char *)src->data;
    for (d = 0; d < nd; d++) {
        int from = order[d];
        b.n[d] = dim[d];
        b.ds[d] = dim[d] > 1 ? out.stride[d] * (ptrdiff_t)b.size : 0;
        b.ss[d] = dim[d] > 1 ? src->stride[from] * (ptrdiff_t)b.size : 0;
        if (flips >> from & 1) {
            b.s += b.ss[d] * (ptrdiff_t)(dim[d] - 1);
            b.ss[d] = -b.ss[d];
        }
    }
    if (out.data == src->data) st = mv__sp_flip_inplace(ctx, &b);
    else {
        b.nt = order[0] == 0 ? mv__cv_nt(&out, src) : mv__vol_extent(&out) > MV__NT_BYTES;
        st = mv__sp_run_box(ctx, &b, op);
    }
    mv__sp_turn_geometry(&out, src, nd, order, flips);
    mv__sp_header_turn(out.nifti, src, nd, order, flips);
    return mv__out_end(ctx, st, &out, dst);
}
MEDVOL_DEF mv_status mv_flip(mv_ctx *ctx, mv_volume *dst, const mv_volume *src, unsigned axes) {
    static const int order[7] = {0, 1, 2, 3, 4, 5, 6};
    mv_status st = mv__vol_check(ctx, "flip", "src", src);
    if (st < 0) return st;
    if (axes >> src->ndim)
        return mv__fail(ctx, MEDVOL_E_RANGE, "axes", (double)axes, -1,
                        "flip: axes = 0x%x: only bits 0..%d name an axis", axes, src->ndim - 1);
    return mv__sp_turn(ctx, "flip", dst, src, src->ndim, order, axes);
}
static mv_status mv__sp_order_check(mv_ctx *ctx, const char *op, int nd, const int *order) {
    unsigned seen = 0;
    int d;
    for (d = 0; d < nd; d++) {
        if (!(order[d] >= 0 && order[d] < nd) || seen >> order[d] & 1)
            return mv__fail(ctx, MEDVOL_E_RANGE, "order", order[d], -1,
                            "%s: order[%d] = %d: must name each of the axes 0..%d once", op, d, order[d],
                            nd - 1);
        seen |= 1u << order[d];
    }
    return MEDVOL_OK;
}
MEDVOL_DEF mv_status mv_permute(mv_ctx *ctx, mv_volume *dst, const mv_volume *src, const int *order) {
    mv_status st = mv__vol_check(ctx, "permute", "src", src);
    if (st < 0) return st;
    if (!order) return mv__fail_null(ctx, "permute", "order");
    if ((st = mv__sp_order_check(ctx, "permute", src->ndim, order)) < 0) return st;
    return mv__sp_turn(ctx, "permute", dst, src, src->ndim, order, 0);
}
MEDVOL_DEF mv_status mv_rot90(mv_ctx *ctx, mv_volume *dst, const mv_volume *src, int k, int a, int b) {
    int order[7] = {0, 1, 2, 3, 4, 5, 6}, turns = (k % 4 + 4) % 4;
    unsigned flips = 0;
    mv_status st = mv__vol_check(ctx, "rot90", "src", src);
    if (st < 0) return st;
    if (!(a >= 0 && a < src->ndim) || !(b >= 0 && b < src->ndim) || a == b)
        return mv__fail(ctx, MEDVOL_E_RANGE, "a", a, -1, "rot90: axes %d and %d: must be two of 0..%d", a, b,
                        src->ndim - 1);
    if (turns & 1) order[a] = b, order[b] = a;
    /* dst(a = i, b = j) = src(a = j, b = n - 1 - i) for one turn */
    if (turns == 1 || turns == 2) flips |= 1u << b;
    if (turns == 3 || turns == 2) flips |= 1u << a;
    return mv__sp_turn(ctx, "rot90", dst, src, src->ndim, order, flips);
}
static int mv__sp_letter(char c, int *axis, int *sign) {
    static const char low[] = "lpi", high[] = "ras";
    int i;
    for (i = 0; i < 3; i++)
        if ((c | 32) == low[i] || (c | 32) == high[i]) {
            *axis = i;
            *sign = (c | 32) == high[i] ? 1 : -1;
            return 1;
        }
    return 0;
}
MEDVOL_DEF mv_status mv_reorient(mv_ctx *ctx, mv_volume *dst, const mv_volume *src, const char *code,
                                 const mv_reorient_opt *opt) {
    int order[7] = {0, 1, 2, 3, 4, 5, 6}, axis[3], sign[3], want, turn, d, c, nd, seen = 0;
    unsigned flips = 0;
    mv_status st = mv__vol_check(ctx, "reorient", "src", src);
    if (st < 0) return st;
    if (!code) return mv__fail_null(ctx, "reorient", "code");
    mv_affine_orientation(src->affine, axis, sign);
    for (d = 0; d < 3; d++) {
        if (!mv__sp_letter(code[d], &want, &turn) || seen >> want & 1 || (d == 2 && code[3]))
            return mv__fail(ctx, MEDVOL_E_RANGE, "code", d, -1,
                            "reorient: \"%s\": must be one letter of each pair LR, PA, IS", code);
        seen |= 1 << want;
        if (opt && opt->from) turn = -turn;
        for (c = 0; c < 3 && axis[c] != want; c++) {}
        if (c == 3)
            return mv__fail(ctx, MEDVOL_E_SINGULAR, "affine", d, -1, "reorient: no axis of src runs along %c",
                            code[d]);
        order[d] = c;
        if (sign[c] != turn) flips |= 1u << c;
    }
    for (nd = src->ndim, d = 0; d < 3; d++)
        if (order[d] != d && d >= nd) nd = d + 1; /* a flat volume stood upright gains axes */
    return mv__sp_turn(ctx, "reorient", dst, src, nd, order, flips);
}

/* ---- crop and pad: out = the box start, size of src with before and after around it ---- */
static int64_t mv__sp_map(mv_pad_mode mode, int64_t i, int64_t n, int *step, int64_t *run) {
    /* index i relative to the first voxel: *run elements follow in direction
       *step; the source index is returned */
    int64_t p, m;
    *step = 1;
    if (mode == MEDVOL_PAD_EDGE || (mode == MEDVOL_PAD_REFLECT && n == 1)) {
        *run = i < 0 ? -i : i < n ? n - i : INT64_MAX;
        *step = i < 0 || i >= n ? MV__SP_SAME : 1;
        return i < 0 ? 0 : i < n ? i : n - 1;
    }
    /* a fill around */
    if (mode != MEDVOL_PAD_REFLECT && mode != MEDVOL_PAD_SYMMETRIC && mode != MEDVOL_PAD_WRAP) {
        *run = i < 0 ? -i : i < n ? n - i : INT64_MAX;
        *step = i < 0 || i >= n ? MV__SP_FILL : 1;
        return i < 0 || i >= n ? 0 : i;
    }
    p = mode == MEDVOL_PAD_WRAP ? n : mode == MEDVOL_PAD_SYMMETRIC ? 2 * n : 2 * n - 2;
    m = i % p;
    if (m < 0) m += p;
    *run = m < n ? n - m : p - m;
    if (m < n) return m;
    *step = -1;
    return mode == MEDVOL_PAD_SYMMETRIC ? p - 1 - m : p - m;
}
/* NULL: count */
static size_t mv__sp_runs(mv__sp_run *out, mv_pad_mode mode, size_t before, size_t n, size_t after) {
    size_t at, total = before + n + after, k = 0;
    for (at = 0; at < total; k++) {
        int step;
        int64_t run, from = mv__sp_map(mode, (int64_t)at - (int64_t)before, (int64_t)n, &step, &run);
        size_t m = (uint64_t)run < total - at ? (size_t)run : total - at;
        if (out) {
            out[k].at = at;
            out[k].n = m;
            out[k].from = (size_t)from;
            out[k].step = step;
        }
        at += m;
    }
    return k;
}
typedef struct mv__sp_pad {
    unsigned char *d;
    const unsigned char *s;
    size_t size, n[7], m[7], before[7], rows, group, nrun[2];
    ptrdiff_t ds[7], ss[7];
    int nd, nt;
    mv_pad_mode mode;
    mv__sp_run *run[2]; /* along axes 0 and 1, then one run of fill */
    unsigned char pat[256];
    void (*done)(void);
    void (*pad)(unsigned char *, ptrdiff_t, const unsigned char *, ptrdiff_t, size_t, const mv__sp_run *,
                size_t, size_t, const unsigned char *, int);
} mv__sp_pad;
static void mv__sp_pad_job(void *arg, size_t job) {
    const mv__sp_pad *g = (const mv__sp_pad *)arg;
    const mv__sp_run *y0 = g->run[1], *fill = g->run[1] + g->nrun[1];
    size_t row = job * g->group, end = mv__minz(g->rows, row + g->group), k;
    ptrdiff_t d1 = g->nd > 1 ? g->ds[1] : 0, s1 = g->nd > 1 ? g->ss[1] : 0;
    for (; row < end; row += k) {
        size_t i1 = row % g->n[1], rest = row / g->n[1], lo = 0, hi = g->nrun[1];
        unsigned char *d = g->d + (ptrdiff_t)i1 * d1;
        const unsigned char *s = g->s;
        const mv__sp_run *y;
        int a, inside = 1, step;
        while (hi - lo > 1) { /* the run along axis 1 */
            size_t mid = lo + (hi - lo) / 2;
            if (y0[mid].at <= i1) lo = mid;
            else hi = mid;
        }
        y = y0 + lo;
        k = mv__minz(y->at + y->n - i1, end - row);
        for (a = 2; a < g->nd; a++) {
            int64_t run, from = mv__sp_map(g->mode, (int64_t)(rest % g->n[a]) - (int64_t)g->before[a],
                                           (int64_t)g->m[a], &step, &run);
            if (step == MV__SP_FILL) inside = 0;
            d += (ptrdiff_t)(rest % g->n[a]) * g->ds[a];
            s += (ptrdiff_t)from * g->ss[a];
            rest /= g->n[a];
        }
        if (!inside || y->step == MV__SP_FILL) g->pad(d, d1, g->s, 0, k, fill, 1, g->size, g->pat, g->nt);
        else {
            s += (ptrdiff_t)y->from * s1 + (ptrdiff_t)(i1 - y->at) * y->step * s1;
            g->pad(d, d1, s, y->step * s1, k, g->run[0], g->nrun[0], g->size, g->pat, g->nt);
        }
    }
    if (g->nt) g->done();
}
static void mv__sp_pad_drop(mv__sp_pad *g, int k) {
    for (g->nd--; k < g->nd; k++) {
        g->n[k] = g->n[k + 1], g->m[k] = g->m[k + 1], g->before[k] = g->before[k + 1];
        g->ds[k] = g->ds[k + 1], g->ss[k] = g->ss[k + 1];
    }
}
/* d, s, size, n, m, before, ds, ss, nd, nt, mode and the first element of pat are set. Rows stay under 1 MiB
   when joined. */
static mv_status mv__sp_pad_run(mv_ctx *ctx, mv__sp_pad *g, const char *label) {
    size_t k, count[2], bytes;
    int a;
    mv_status st;
    for (a = g->nd - 1; a > 0; a--)
        if (g->n[a] == 1) mv__sp_pad_drop(g, a);
    while (g->nd > 1 && g->n[0] == 1 && g->ds[1] == (ptrdiff_t)g->size && g->ss[1] == g->ds[1])
        mv__sp_pad_drop(g, 0);
    while (g->nd > 1 && g->n[0] == g->m[0] && g->n[1] == g->m[1] && g->ds[0] == (ptrdiff_t)g->size &&
           g->ds[1] == g->ds[0] * (ptrdiff_t)g->n[0] && g->ss[0] == g->ds[0] && g->ss[1] == g->ds[1] &&
           g->n[0] * g->n[1] <= ((size_t)1 << 20) / g->size) {
        k = g->n[0];
        mv__sp_pad_drop(g, 0);
        g->n[0] *= k, g->m[0] *= k, g->ds[0] = g->ss[0] = (ptrdiff_t)g->size;
    }
    if (g->nd == 1) g->n[1] = g->m[1] = 1, g->before[1] = 0;
    for (g->rows = 1, a = 1; a < g->nd; a++) g->rows *= g->n[a];
    for (a = 0; a < 2; a++)
        count[a] = mv__sp_runs(NULL, g->mode, g->before[a], g->m[a], g->n[a] - g->m[a] - g->before[a]);
    if (!mv__add(count[0], count[1] + 1, &bytes) || !mv__mul(bytes, sizeof(mv__sp_run), &bytes))
        return mv__fail(ctx, MEDVOL_E_SIZE, "before", (double)g->before[0], -1, "%s: too many repetitions",
                        label);
    if ((g->run[0] = (mv__sp_run *)mv__alloc(ctx, bytes)) == NULL) return MEDVOL_E_NOMEM;
    g->run[1] = g->run[0] + count[0];
    for (a = 0; a < 2; a++)
        g->nrun[a] = mv__sp_runs(g->run[a], g->mode, g->before[a], g->m[a], g->n[a] - g->m[a] - g->before[a]);
    g->run[1][count[1]].at = g->run[1][count[1]].from = 0;
    g->run[1][count[1]].n = g->n[0];
    g->run[1][count[1]].step = MV__SP_FILL;
    for (k = g->size; k < sizeof g->pat; k++) g->pat[k] = g->pat[k - g->size];
    g->group = mv__maxz(1, MV__SP_JOB / (g->n[0] * g->size));
    g->pad = MV__PICK(mv__sp_pad_rows);
    g->done = MV__PICK(mv__sp_done);
    st = mv_parallel_for(ctx, mv__divup(g->rows, g->group), mv__sp_pad_job, g, label);
    mv__free(ctx, g->run[0]);
    return st;
}

/* ---- mean, minimum and maximum of lines, in double ---- */
#define MV__SP_BLOCK ((size_t)256)
typedef struct mv__sp_stat {
    unsigned char *d;
    size_t size, n[7], lo[7], cnt[7], before, m, group; /* cnt lines from lo on along every axis but `axis` */
    ptrdiff_t ds[7];
    int nd, axis, how; /* as mv__sp_take_one */
    int is_whole;      /* the least or greatest of 64-bit integers */
    uint64_t sign;     /* makes their order that of unsigned ones */
    mv__cv_get_fn get;
    mv__cv_put_fn put;
} mv__sp_stat;
/* combined index over all axes but 0 and `axis` */
static ptrdiff_t mv__sp_stat_at(const mv__sp_stat *g, size_t c) {
    ptrdiff_t o = 0;
    int k;
    for (k = 1; k < g->nd; k++) {
        if (k == g->axis) continue;
        o += (ptrdiff_t)(g->lo[k] + c % g->cnt[k]) * g->ds[k];
        c /= g->cnt[k];
    }
    return o;
}
typedef union mv__sp_best { /* of neighbouring lines, or 16 stripes of one */
    double real[MV__SP_BLOCK];
    uint64_t whole[MV__SP_BLOCK]; /* 64-bit integers, which double does not hold */
} mv__sp_best;
static void mv__sp_best_start(const mv__sp_stat *g, mv__sp_best *b, size_t n) {
    const double none = g->how == 0 ? 0.0 : g->how == 1 ? HUGE_VAL : -HUGE_VAL;
    size_t i;
    for (i = 0; i < n; i++)
        if (g->is_whole) b->whole[i] = (g->how == 1 ? UINT64_MAX : 0) ^ g->sign;
        else b->real[i] = none;
}
static void mv__sp_best_whole(const mv__sp_stat *g, uint64_t *best, uint64_t v) {
    uint64_t a = v ^ g->sign, b = *best ^ g->sign;
    if (g->how == 1 ? a < b : a > b) *best = v;
}
static void mv__sp_best_take(const mv__sp_stat *g, mv__sp_best *b, const unsigned char *q, size_t n,
                             size_t wrap) {
    double x[MV__SP_BLOCK];
    uint64_t v;
    size_t i;
    if (!g->is_whole) {
        g->get(x, q, n);
        MV__PICK(mv__sp_take_in)(b->real, x, n, wrap, g->how);
        return;
    }
    for (i = 0; i < n; i++) {
        mv__memcpy(&v, q + i * sizeof v, sizeof v);
        mv__sp_best_whole(g, &b->whole[i & wrap], v);
    }
}
static void mv__sp_best_put(const mv__sp_stat *g, mv__sp_best *d, mv__sp_best *b, size_t n) {
    size_t i;
    if (g->is_whole) {
        mv__memcpy(d, b->whole, n * sizeof b->whole[0]);
        return;
    }
    for (i = 0; i < n; i++) /* which of two NaNs a sum takes after differs from level to level */
        if (mv__isnan(b->real[i])) b->real[i] = (double)NAN;
    g->put(d, b->real, n);
}
static void mv__sp_stat_line_job(void *arg, size_t job) { /* along axis 0 */
    const mv__sp_stat *g = (const mv__sp_stat *)arg;
    mv__sp_best b, edge; /* edge: as elements */
    const size_t after = g->before + g->m, most = mv__maxz(g->before, g->n[0] - after),
                 wide = mv__minz(MV__SP_BLOCK, most);
    size_t c, i, n, end = 1;
    int k;
    for (k = 1; k < g->nd; k++) end *= g->cnt[k];
    end = mv__minz(end, (job + 1) * g->group);
    for (c = job * g->group; c < end; c++) {
        unsigned char *row = g->d + mv__sp_stat_at(g, c);
        mv__sp_best_start(g, &b, 16);
        for (i = 0; i < g->m; i += n) {
            n = mv__minz(MV__SP_BLOCK, g->m - i);
            mv__sp_best_take(g, &b, row + (g->before + i) * g->size, n, 15);
        }
        if (g->how == 0) b.real[0] = mv__fold16(b.real) / (double)g->m;
        for (i = 1; i < 16 && g->how; i++)
            if (g->is_whole) mv__sp_best_whole(g, b.whole, b.whole[i]);
            else mv__sp_take_one(b.real, b.real[i], g->how);
        for (i = 1; i < wide; i++)
            if (g->is_whole) b.whole[i] = b.whole[0];
            else b.real[i] = b.real[0];
        mv__sp_best_put(g, &edge, &b, wide);
        for (i = 0; i < g->before; i += wide)
            mv__memcpy(row + i * g->size, &edge, mv__minz(wide, g->before - i) * g->size);
        for (i = after; i < g->n[0]; i += wide)
            mv__memcpy(row + i * g->size, &edge, mv__minz(wide, g->n[0] - i) * g->size);
    }
}
/* along another axis: a block of neighbouring lines at a time */
static void mv__sp_stat_block_job(void *arg, size_t job) {
    const mv__sp_stat *g = (const mv__sp_stat *)arg;
    mv__sp_best b, edge; /* edge: as elements */
    size_t blocks = mv__divup(g->n[0], MV__SP_BLOCK), x = job % blocks * MV__SP_BLOCK,
           nx = mv__minz(MV__SP_BLOCK, g->n[0] - x), j;
    ptrdiff_t p = g->ds[g->axis];
    unsigned char *top = g->d + mv__sp_stat_at(g, job / blocks) + x * g->size;
    mv__sp_best_start(g, &b, nx);
    for (j = g->before; j < g->before + g->m; j++)
        mv__sp_best_take(g, &b, top + (ptrdiff_t)j * p, nx, (size_t)-1);
    for (j = 0; j < nx && g->how == 0; j++) b.real[j] /= (double)g->m;
    mv__sp_best_put(g, &edge, &b, nx);
    for (j = 0; j < g->before; j++) mv__memcpy(top + (ptrdiff_t)j * p, &edge, nx * g->size);
    for (j = g->before + g->m; j < g->n[g->axis]; j++)
        mv__memcpy(top + (ptrdiff_t)j * p, &edge, nx * g->size);
}
/* The inner box of out is filled: the lines around it, axis after axis. */
static mv_status mv__sp_stat_run(mv_ctx *ctx, mv_volume *out, const size_t *before, const size_t *m,
                                 mv_pad_mode mode, const char *label) {
    mv__sp_stat g;
    mv_status st = MEDVOL_OK;
    int k, upside = out->slope < 0.0 && mv__scaled(out->slope, out->inter);
    mv__memset(&g, 0, sizeof g);
    g.d = (unsigned char *)out->data;
    g.size = mv_dtype_size(out->dtype);
    g.nd = out->ndim;
    g.how = mode == MEDVOL_PAD_MEAN ? 0 : (mode == MEDVOL_PAD_MAXIMUM) != upside ? 2 : 1;
    g.is_whole = g.how && (out->dtype == MEDVOL_I64 || out->dtype == MEDVOL_U64);
    g.sign = out->dtype == MEDVOL_I64 ? (uint64_t)1 << 63 : 0;
    g.get = mv__cv_getter(out->dtype);
    g.put = mv__cv_putter(out->dtype);
    for (k = 0; k < g.nd; k++) {
        g.n[k] = out->dim[k];
        g.ds[k] = out->stride[k] * (ptrdiff_t)g.size;
        g.lo[k] = before[k];
        g.cnt[k] = m[k];
    }
    for (g.axis = 0; g.axis < g.nd && st == MEDVOL_OK; g.axis++) {
        size_t lines = 1;
        if (g.n[g.axis] == m[g.axis]) continue;
        g.before = before[g.axis];
        g.m = m[g.axis];
        for (k = 1; k < g.nd; k++)
            if (k != g.axis) lines *= g.cnt[k];
        if (g.axis == 0) {
            g.group = mv__maxz(1, MV__CHUNK / g.n[0]);
            st = mv_parallel_for(ctx, mv__divup(lines, g.group), mv__sp_stat_line_job, &g, label);
        } else
            st = mv_parallel_for(ctx, lines * mv__divup(g.n[0], MV__SP_BLOCK), mv__sp_stat_block_job, &g,
                                 label);
        g.lo[g.axis] = 0;
        g.cnt[g.axis] = g.n[g.axis];
    }
    return st;
}

/* ---- the value around, as an element ---- */
static mv_status mv__sp_element(mv_ctx *ctx, const char *op, unsigned char *e, const mv_volume *src,
                                double value) {
    double x = value, slope, inter;
    unsigned char byte;
    mv__memset(e, 0, 64);
    mv__vol_scaling(src, &slope, &inter);
    if (mv__is_real(src->dtype)) {
        x = (value - inter) / slope;
        mv__cv_putter(src->dtype)(e, &x, 1);
    } else if (mv__is_complex(src->dtype)) mv__cv_putter(mv__cv_part(src->dtype))(e, &x, 1);
    else if (src->dtype == MEDVOL_RGB24 || src->dtype == MEDVOL_RGBA32) {
        byte = (unsigned char)mv__cv_whole(x, 0.0, 255.0);
        mv__memset(e, byte, mv_dtype_size(src->dtype));
    } else if (value != 0.0)
        return mv__fail(ctx, MEDVOL_E_DTYPE, "value", value, -1, "%s: value = %g: type %s takes 0 only", op,
                        value, mv_dtype_name(src->dtype));
    return MEDVOL_OK;
}
static mv_status mv__sp_mode_check(mv_ctx *ctx, const char *op, const mv_volume *src, mv_pad_mode mode,
                                   double value) {
    if (!((int)mode >= 0 && mode <= MEDVOL_PAD_MAXIMUM))
        return mv__fail(ctx, MEDVOL_E_RANGE, "mode", (double)mode, -1, "%s: mode = %d: must be 0..%d", op,
                        (int)mode, (int)MEDVOL_PAD_MAXIMUM);
    if (mv__isnan(value)) return mv__fail(ctx, MEDVOL_E_RANGE, "value", value, -1, "%s: value is NaN", op);
    if (mode >= MEDVOL_PAD_MEAN && !mv__is_real(src->dtype))
        return mv__fail(ctx, MEDVOL_E_DTYPE, "mode", (double)mode, -1, "%s: type %s has no mean or order", op,
                        mv_dtype_name(src->dtype));
    return MEDVOL_OK;
}
static mv_status mv__sp_copy_box(mv_ctx *ctx, const mv_volume *out, ptrdiff_t at, const unsigned char *s,
                                 const mv_volume *src, const size_t *size, int nt, const char *label) {
    mv__sp_box b;
    int d;
    mv__memset(&b, 0, sizeof b);
    b.size = mv_dtype_size(src->dtype);
    b.nd = src->ndim;
    b.d = (unsigned char *)out->data + at;
    b.s = s;
    b.nt = nt;
    for (d = 0; d < b.nd; d++) {
        b.n[d] = size[d];
        b.ds[d] = size[d] > 1 ? out->stride[d] * (ptrdiff_t)b.size : 0;
        b.ss[d] = size[d] > 1 ? src->stride[d] * (ptrdiff_t)b.size : 0;
    }
    return mv__sp_run_box(ctx, &b, label);
}
/* Arguments are checked; arrays of src->ndim. */
static mv_status mv__sp_place(mv_ctx *ctx, const char *op, mv_volume *dst, const mv_volume *src,
                              const size_t *start, const size_t *size, const size_t *before,
                              const size_t *after, mv_pad_mode mode, double value) {
    mv__sp_pad g;
    mv_volume out;
    double ijk[3] = {0, 0, 0};
    size_t dim[7], z = mv_dtype_size(src->dtype);
    ptrdiff_t at = 0;
    int d, pads = 0, same = 1, nt;
    mv_status st;
    MV__KNOWN(src->ndim > 0);
    mv__memset(&g, 0, sizeof g);
    g.s = (const unsigned char *)src->data;
    for (d = 0; d < src->ndim; d++) {
        if (!mv__add(before[d], size[d], &dim[d]) || !mv__add(dim[d], after[d], &dim[d]) ||
            dim[d] > (size_t)PTRDIFF_MAX)
            return mv__fail(ctx, MEDVOL_E_SIZE, "before", (double)before[d], -1,
                            "%s: axis %d: %zu + %zu + %zu overflows", op, d, before[d], size[d], after[d]);
        pads = pads || before[d] || after[d];
        same = same && dim[d] == src->dim[d];
        if (d < 3) ijk[d] = (double)start[d] - (double)before[d];
        if (size[d] < src->dim[d]) g.s += (ptrdiff_t)start[d] * src->stride[d] * (ptrdiff_t)z;
    }
    if (mode == MEDVOL_PAD_CONSTANT && (st = mv__sp_element(ctx, op, g.pat, src, value)) < 0) return st;
    st = mv__out_begin(ctx, op, &out, dst, src, src->dtype, src->ndim, dim, same ? MV__OUT_INPLACE : 0);
    if (st < 0) return st;
    nt = mv__vol_extent(&out) > MV__NT_BYTES;
    g.d = (unsigned char *)out.data;
    g.size = z;
    g.nd = src->ndim;
    g.nt = nt;
    g.mode = mode;
    for (d = 0; d < g.nd; d++) {
        g.n[d] = dim[d];
        g.m[d] = size[d];
        g.before[d] = before[d];
        g.ds[d] = dim[d] > 1 ? out.stride[d] * (ptrdiff_t)z : 0;
        g.ss[d] = size[d] > 1 ? src->stride[d] * (ptrdiff_t)z : 0;
        at += (ptrdiff_t)before[d] * g.ds[d];
    }
    if (out.data == src->data) st = MEDVOL_OK;
    else if (!pads || mode >= MEDVOL_PAD_MEAN) {
        st = mv__sp_copy_box(ctx, &out, at, g.s, src, size, nt, op);
        if (st == MEDVOL_OK && pads) st = mv__sp_stat_run(ctx, &out, before, size, mode, op);
    } else st = mv__sp_pad_run(ctx, &g, op);
    mv__vol_move_origin(&out, ijk);
    mv__sp_header_box(out.nifti, src, start, size, before);
    return mv__out_end(ctx, st, &out, dst);
}
static const size_t mv__sp_zero[7] = {0, 0, 0, 0, 0, 0, 0};
MEDVOL_DEF mv_status mv_crop(mv_ctx *ctx, mv_volume *dst, const mv_volume *src, const size_t *start,
                             const size_t *size, const mv_crop_opt *opt) {
    size_t n[7];
    int d;
    mv_status st = mv__vol_check(ctx, "crop", "src", src);
    if (st < 0) return st;
    if (!start || !size) return mv__fail_null(ctx, "crop", start ? "size" : "start");
    for (d = 0; d < src->ndim; d++) {
        n[d] = size[d];
        if (opt && opt->clip && size[d] > 0 && start[d] < src->dim[d])
            n[d] = mv__minz(size[d], src->dim[d] - start[d]);
        if (opt && opt->clip && size[d] > 0 && start[d] >= src->dim[d])
            return mv__fail(ctx, MEDVOL_E_EMPTY, "start", (double)start[d], -1,
                            "crop: axis %d: start %zu lies behind the last of %zu", d, start[d], src->dim[d]);
        if (n[d] == 0 || start[d] >= src->dim[d] || n[d] > src->dim[d] - start[d])
            return mv__fail(ctx, MEDVOL_E_RANGE, "start", (double)start[d], -1,
                            "crop: axis %d: start %zu, size %zu: must lie in 0..%zu", d, start[d], size[d],
                            src->dim[d]);
    }
    return mv__sp_place(ctx, "crop", dst, src, start, n, mv__sp_zero, mv__sp_zero, MEDVOL_PAD_CONSTANT, 0.0);
}
MEDVOL_DEF mv_status mv_pad(mv_ctx *ctx, mv_volume *dst, const mv_volume *src, const size_t *before,
                            const size_t *after, const mv_pad_opt *opt) {
    mv_pad_mode mode = opt ? opt->mode : MEDVOL_PAD_CONSTANT;
    double value = opt ? opt->value : 0.0;
    mv_status st = mv__vol_check(ctx, "pad", "src", src);
    if (st < 0) return st;
    if (!before || !after) return mv__fail_null(ctx, "pad", before ? "after" : "before");
    if ((st = mv__sp_mode_check(ctx, "pad", src, mode, value)) < 0) return st;
    return mv__sp_place(ctx, "pad", dst, src, mv__sp_zero, src->dim, before, after, mode, value);
}
MEDVOL_DEF mv_status mv_crop_or_pad(mv_ctx *ctx, mv_volume *dst, const mv_volume *src, const size_t *shape,
                                    const mv_crop_or_pad_opt *opt) {
    size_t start[7], size[7], before[7], after[7];
    mv_centre_rule rule = opt ? opt->rule : MEDVOL_CENTRE_MEDVOL;
    mv_pad_mode mode = opt ? opt->mode : MEDVOL_PAD_CONSTANT;
    double value = opt ? opt->value : 0.0;
    int d;
    mv_status st = mv__vol_check(ctx, "crop_or_pad", "src", src);
    if (st < 0) return st;
    if (!shape) return mv__fail_null(ctx, "crop_or_pad", "shape");
    if ((st = mv__sp_mode_check(ctx, "crop_or_pad", src, mode, value)) < 0) return st;
    if (!((int)rule >= 0 && rule <= MEDVOL_CENTRE_MEDRS))
        return mv__fail(ctx, MEDVOL_E_RANGE, "rule", (double)rule, -1,
                        "crop_or_pad: rule = %d: must be 0..%d", (int)rule, (int)MEDVOL_CENTRE_MEDRS);
    for (d = 0; d < src->ndim; d++) {
        size_t n = src->dim[d], t = shape[d];
        if (t == 0)
            return mv__fail(ctx, MEDVOL_E_SIZE, "shape", 0, -1,
                            "crop_or_pad: shape[%d] = 0: must be at least 1", d);
        start[d] = before[d] = after[d] = 0;
        size[d] = mv__minz(n, t);
        if (t < n)
            start[d] = rule == MEDVOL_CENTRE_TORCHIO ? mv__divup(n - t, 2)
                       : rule == MEDVOL_CENTRE_MEDRS ? (n - t) / 2
                                                     : n / 2 - t / 2;
        else {
            before[d] = rule == MEDVOL_CENTRE_TORCHIO  ? mv__divup(t - n, 2)
                        : rule == MEDVOL_CENTRE_MEDVOL ? t / 2 - n / 2
                                                       : (t - n) / 2;
            after[d] = t - n - before[d];
        }
    }
    return mv__sp_place(ctx, "crop_or_pad", dst, src, start, size, before, after, mode, value);
}

/* ---- foreground ---- */
typedef size_t (*mv__sp_find_fn)(const void *row, size_t n, float lo, float hi, int back, ptrdiff_t ahead);
typedef struct mv__sp_fg {
    const mv_volume *v;
    size_t *part; /* six a job: first, one behind the last of the first three axes */
    size_t rows, group, channels, skip; /* channels: values a voxel; skip: of these, not looked at (alpha) */
    double slope, inter, threshold;
    int above, scaled, quick; /* quick: zero bytes are no foreground, and rows follow each other */
    mv__cv_get_fn get;
    mv__sp_find_fn find; /* NULL: by blocks of doubles */
    float lo, hi;
} mv__sp_fg;
/* The first (back: the last) foreground value among the m of row from i on: 1 and *at when there is one. */
static int mv__sp_fg_block(const mv__sp_fg *g, const unsigned char *row, size_t i, size_t m, int back,
                           size_t *at) {
    double t[MV__CV_BLOCK];
    size_t j, k, z = mv_dtype_size(g->v->dtype) / g->channels;
    g->get(t, row + i * z, m);
    if (g->scaled) MV__PICK(mv__cv_scale)(t, m, g->slope, g->inter);
    for (k = 0; k < m; k++) {
        j = back ? m - 1 - k : k;
        if (!(g->above ? t[j] > g->threshold : t[j] < 0.0 || t[j] > 0.0)) continue;
        if (g->skip && (i + j) % g->channels >= g->channels - g->skip) continue;
        *at = i + j;
        return 1;
    }
    return 0;
}
/* The ends of the foreground in a row; what lies between is not looked at. */
static int mv__sp_fg_row(const mv__sp_fg *g, const unsigned char *row, ptrdiff_t ahead, size_t *first,
                         size_t *last) {
    size_t n = g->v->dim[0] * g->channels, i, at = 0;
    int any = 0;
    if (g->find) {
        *first = g->find(row, n, g->lo, g->hi, 0, ahead);
        if (*first == n) return 0;
        *last = g->find(row, n, g->lo, g->hi, 1, ahead);
        return 1;
    }
    for (i = 0; i < n && !any; i += MV__CV_BLOCK)
        any = mv__sp_fg_block(g, row, i, mv__minz(MV__CV_BLOCK, n - i), 0, &at);
    if (!any) return 0;
    *first = at / g->channels;
    for (i = n, any = 0; !any; ) {
        size_t m = mv__minz(MV__CV_BLOCK, i);
        i -= m;
        any = mv__sp_fg_block(g, row, i, m, 1, &at);
    }
    *last = at / g->channels + 1;
    return 1;
}
/* The kernel for unscaled values that float holds, and its bounds: foreground is
   below lo or above hi, NaN never. */
static void mv__sp_fg_fast(mv__sp_fg *g) {
    const double most = 3.4028234663852886e38, t = g->threshold;
    if (g->scaled) return;
    switch (g->v->dtype) {
        case MEDVOL_U8: g->find = MV__PICK(mv__sp_ends_u8); break;
        case MEDVOL_I16: g->find = MV__PICK(mv__sp_ends_i16); break;
        case MEDVOL_U16: g->find = MV__PICK(mv__sp_ends_u16); break;
        case MEDVOL_F32: g->find = MV__PICK(mv__sp_ends_f32); break;
        default: return;
    }
    if (!g->above) return;
    g->lo = -(float)HUGE_VAL;
    g->hi = t >= most   ? (mv__finite(t) ? (float)most : (float)HUGE_VAL)
            : t < -most ? -(float)HUGE_VAL
                        : (float)t;
    if ((double)g->hi > t) { /* rounded up: the float below */
        uint32_t b = mv__f32_bits(g->hi);
        g->hi = mv__bits_f32(g->hi > 0.0f ? b - 1 : g->hi < 0.0f ? b + 1 : 0x80000001u);
    }
}
static void mv__sp_fg_job(void *arg, size_t job) {
    const mv__sp_fg *g = (const mv__sp_fg *)arg;
    const mv_volume *v = g->v;
    size_t row, end = mv__minz(g->rows, (job + 1) * g->group), *p = g->part + 6 * job, first = 0, last = 0,
                size = mv_dtype_size(v->dtype), bytes = v->dim[0] * size;
    const ptrdiff_t ahead = v->ndim > 1 ? 8 * v->stride[1] * (ptrdiff_t)size : 0;
    const unsigned char *at_row;
    int k, known, empty = 1;
    int quick = g->quick; /* whole rows of zeros are passed over as long as there are any */
    for (k = 0; k < 3; k++) p[2 * k] = (size_t)-1, p[2 * k + 1] = 0;
    for (row = job * g->group; row < end; row++) {
        size_t i, at[7] = {0, 0, 0, 0, 0, 0, 0}, off = 0;
        if (quick && empty) {
            const unsigned char *from = (const unsigned char *)v->data + row * bytes;
            size_t none = MV__PICK(mv__sp_zeros)(from, (end - row) * bytes) / bytes;
            quick = none > 0;
            if ((row += none) == end) break;
        }
        for (i = row, k = 1; k < v->ndim; k++) {
            at[k] = i % v->dim[k];
            i /= v->dim[k];
            off += at[k] * (v->dim[k] > 1 ? (size_t)v->stride[k] : 0);
        }
        at_row = (const unsigned char *)v->data + off * size;
        for (k = 1, known = g->find != NULL; k < 3; k++)
            known = known && at[k] >= p[2 * k] && at[k] < p[2 * k + 1];
        if (known) { /* only beside the box so far can it grow */
            p[0] = g->find(at_row, p[0], g->lo, g->hi, 0, ahead);
            p[1] += g->find(at_row + p[1] * size, v->dim[0] - p[1], g->lo, g->hi, 1, ahead);
            continue;
        }
        empty = !mv__sp_fg_row(g, at_row, ahead, &first, &last);
        for (k = 0; k < 3 && !empty; k++) {
            p[2 * k] = mv__minz(p[2 * k], k ? at[k] : first);
            p[2 * k + 1] = mv__maxz(p[2 * k + 1], k ? at[k] + 1 : last);
        }
    }
}
static mv_status mv__sp_fg_box(mv_ctx *ctx, const char *op, size_t *start, size_t *size, const mv_volume *src,
                               const mv_foreground_opt *opt) {
    mv__sp_fg g;
    size_t jobs, j, lo[3] = {(size_t)-1, (size_t)-1, (size_t)-1}, hi[3] = {0, 0, 0},
                    margin = opt ? opt->margin : 0;
    int k;
    mv_status st;
    mv__memset(&g, 0, sizeof g);
    g.v = opt && opt->by ? opt->by : src;
    if (g.v != src) {
        if ((st = mv__vol_check(ctx, op, "by", g.v)) < 0) return st;
        if (!mv__vol_same_shape(g.v, src->ndim, src->dim))
            return mv__fail(ctx, MEDVOL_E_SHAPE, "by", (double)g.v->dim[0], -1,
                            "%s: by has another shape than src", op);
    }
    g.above = opt ? opt->above : 0;
    g.threshold = opt ? opt->threshold : 0.0;
    if (mv__isnan(g.threshold))
        return mv__fail(ctx, MEDVOL_E_RANGE, "threshold", g.threshold, -1, "%s: threshold is NaN", op);
    if (g.v->dtype == MEDVOL_F128 || g.v->dtype == MEDVOL_C256 || (g.above && !mv__is_real(g.v->dtype)))
        return mv__fail(ctx, MEDVOL_E_DTYPE, "dtype", (double)g.v->dtype, -1,
                        "%s: type %s cannot be compared", op, mv_dtype_name(g.v->dtype));
    g.channels = mv__is_complex(g.v->dtype)    ? 2
                 : g.v->dtype == MEDVOL_RGB24  ? 3
                 : g.v->dtype == MEDVOL_RGBA32 ? 4
                                               : 1;
    g.skip = g.v->dtype == MEDVOL_RGBA32;
    g.get = mv__cv_getter(g.channels > 2 ? MEDVOL_U8 : mv__cv_part(g.v->dtype));
    mv__vol_scaling(g.v, &g.slope, &g.inter);
    g.scaled = mv__scaled(g.slope, g.inter);
    mv__sp_fg_fast(&g);
    g.quick = g.inter == 0.0 && !(g.above && g.threshold < 0.0);
    for (g.rows = 1, k = 1; k < g.v->ndim; k++) {
        g.quick = g.quick && (g.v->dim[k] == 1 || (size_t)g.v->stride[k] == g.rows * g.v->dim[0]);
        g.rows *= g.v->dim[k];
    }
    g.group = mv__maxz(1, MV__CHUNK / g.v->dim[0]);
    jobs = mv__divup(g.rows, g.group);
    if ((g.part = (size_t *)mv__alloc(ctx, jobs * 6 * sizeof(size_t))) == NULL) return MEDVOL_E_NOMEM;
    st = mv_parallel_for(ctx, jobs, mv__sp_fg_job, &g, op);
    for (j = 0; j < jobs && st == MEDVOL_OK; j++)
        for (k = 0; k < 3; k++) {
            lo[k] = mv__minz(lo[k], g.part[6 * j + 2 * (size_t)k]);
            hi[k] = mv__maxz(hi[k], g.part[6 * j + 2 * (size_t)k + 1]);
        }
    mv__free(ctx, g.part);
    if (st < 0) return st;
    if (hi[0] == 0)
        return mv__fail(ctx, MEDVOL_E_EMPTY, "threshold", g.threshold, -1, "%s: no voxel is foreground", op);
    for (k = 0; k < src->ndim; k++) {
        start[k] = k < 3 ? lo[k] - mv__minz(lo[k], margin) : 0;
        size[k] =
            k < 3 ? (margin < src->dim[k] - hi[k] ? hi[k] + margin : src->dim[k]) - start[k] : src->dim[k];
    }
    return MEDVOL_OK;
}
MEDVOL_DEF mv_status mv_foreground_box(mv_ctx *ctx, size_t *start, size_t *size, const mv_volume *src,
                                       const mv_foreground_opt *opt) {
    mv_status st = mv__vol_check(ctx, "foreground_box", "src", src);
    if (st < 0) return st;
    if (!start || !size) return mv__fail_null(ctx, "foreground_box", start ? "size" : "start");
    return mv__sp_fg_box(ctx, "foreground_box", start, size, src, opt);
}
MEDVOL_DEF mv_status mv_crop_foreground(mv_ctx *ctx, mv_volume *dst, const mv_volume *src,
                                        const mv_foreground_opt *opt) {
    size_t start[7], size[7];
    int k, nd;
    mv_status st = mv__vol_check(ctx, "crop_foreground", "src", src);
    if (st < 0) return st;
    nd = src->ndim;
    if ((st = mv__sp_fg_box(ctx, "crop_foreground", start, size, src, opt)) < 0) return st;
    st = mv__sp_place(ctx, "crop_foreground", dst, src, start, size, mv__sp_zero, mv__sp_zero,
                      MEDVOL_PAD_CONSTANT, 0.0);
    for (k = 0; k < nd && st == MEDVOL_OK && opt; k++) {
        if (opt->box_start) opt->box_start[k] = start[k];
        if (opt->box_size) opt->box_size[k] = size[k];
    }
    return st;
}

/* ---- arrays ---- */
static mv_status mv__sp_array_check(mv_ctx *ctx, const char *op, size_t elem_size, int ndim,
                                    const size_t *dim) {
    size_t n = elem_size;
    int d;
    if (!(elem_size >= 1 && elem_size <= 64))
        return mv__fail(ctx, MEDVOL_E_RANGE, "elem_size", (double)elem_size, -1,
                        "%s: elem_size = %zu: must be 1..64", op, elem_size);
    if (!(ndim >= 1 && ndim <= 7))
        return mv__fail(ctx, MEDVOL_E_RANGE, "ndim", ndim, -1, "%s: ndim = %d: must be 1..7", op, ndim);
    for (d = 0; d < ndim; d++)
        if (dim[d] == 0 || !mv__mul(n, dim[d], &n) || n > (size_t)PTRDIFF_MAX)
            return mv__fail(ctx, MEDVOL_E_SIZE, "dim", (double)dim[d], -1,
                            "%s: dim[%d] = %zu: zero or too large", op, d, dim[d]);
    return MEDVOL_OK;
}
/* Strides in bytes and the least and greatest offset they reach. */
static mv_status mv__sp_strides(mv_ctx *ctx, const char *name, size_t elem_size, int ndim, const size_t *dim,
                                const ptrdiff_t *stride, ptrdiff_t *bytes, size_t *below, size_t *above) {
    size_t dense = elem_size, mag, reach;
    int d;
    *below = 0;
    *above = elem_size;
    for (d = 0; d < ndim; d++) {
        mag = stride ? (size_t)mv__magnitude(stride[d]) : dense / elem_size;
        if (!mv__mul(mag, elem_size, &mag) || !mv__mul(mag, dim[d] - 1, &reach) ||
            mag > (size_t)PTRDIFF_MAX || !mv__add(stride && stride[d] < 0 ? *below : *above, reach, &reach) ||
            reach > (size_t)PTRDIFF_MAX / 2)
            return mv__fail(ctx, MEDVOL_E_SIZE, name, 0, -1,
                            "permute_array: %s[%d] reaches beyond the address space", name, d);
        bytes[d] = stride && stride[d] < 0 ? -(ptrdiff_t)mag : (ptrdiff_t)mag;
        if (stride && stride[d] < 0) *below = reach;
        else *above = reach;
        dense *= dim[d];
    }
    return MEDVOL_OK;
}
MEDVOL_DEF mv_status mv_permute_array(mv_ctx *ctx, void *dst, const ptrdiff_t *dst_stride, const void *src,
                                      const ptrdiff_t *src_stride, size_t elem_size, int ndim,
                                      const size_t *dim, const int *order, unsigned flips) {
    static const int plain[7] = {0, 1, 2, 3, 4, 5, 6};
    mv__sp_box b, c;
    ptrdiff_t ss[7], ds[7];
    size_t n[7], dlow, dhigh, slow, shigh;
    int d;
    mv_status st;
    if (!dst || !src || !dim) return mv__fail_null(ctx, "permute_array", !dst ? "dst" : !src ? "src" : "dim");
    if ((st = mv__sp_array_check(ctx, "permute_array", elem_size, ndim, dim)) < 0) return st;
    if (!order) order = plain;
    if ((st = mv__sp_order_check(ctx, "permute_array", ndim, order)) < 0) return st;
    if (flips >> ndim)
        return mv__fail(ctx, MEDVOL_E_RANGE, "flips", (double)flips, -1,
                        "permute_array: flips = 0x%x: only bits 0..%d name an axis", flips, ndim - 1);
    for (d = 0; d < ndim; d++) n[d] = dim[order[d]];
    if ((st = mv__sp_strides(ctx, "src_stride", elem_size, ndim, dim, src_stride, ss, &slow, &shigh)) < 0)
        return st;
    if ((st = mv__sp_strides(ctx, "dst_stride", elem_size, ndim, n, dst_stride, ds, &dlow, &dhigh)) < 0)
        return st;
    if (mv__overlap((unsigned char *)dst - dlow, dlow + dhigh, (const unsigned char *)src - slow,
                    slow + shigh))
        return mv__fail(ctx, MEDVOL_E_ALIAS, "dst", 0, -1, "permute_array: dst and src overlap");
    mv__memset(&b, 0, sizeof b);
    b.size = elem_size;
    b.nd = ndim;
    b.d = (unsigned char *)dst;
    b.s = (const unsigned char *)src;
    for (d = 0; d < ndim; d++) {
        b.n[d] = n[d];
        b.ds[d] = ds[d];
        b.ss[d] = ss[order[d]];
        if (flips >> order[d] & 1) {
            b.s += b.ss[d] * (ptrdiff_t)(n[d] - 1);
            b.ss[d] = -b.ss[d];
        }
    }
    c = b;
    mv__sp_simplify(&c); /* ascending: each axis must step over all before it */
    for (dhigh = elem_size, d = 0; d < c.nd; d++) {
        if ((size_t)c.ds[d] < dhigh && c.n[d] > 1)
            return mv__fail(ctx, MEDVOL_E_SHAPE, "dst_stride", (double)c.ds[d], -1,
                            "permute_array: dst_stride folds dst onto itself");
        dhigh += (size_t)c.ds[d] * (c.n[d] - 1);
    }
    b.nt = dhigh > MV__NT_BYTES;
    return mv__sp_run_box(ctx, &b, "permute");
}
MEDVOL_DEF mv_status mv_pad_array(mv_ctx *ctx, void *dst, const void *src, size_t elem_size, int ndim,
                                  const size_t *dim, const size_t *before, const size_t *after,
                                  mv_pad_mode mode, const void *fill) {
    mv__sp_pad g;
    size_t inner = elem_size, outer = elem_size;
    int d;
    mv_status st;
    if (!dst || !src || !dim) return mv__fail_null(ctx, "pad_array", !dst ? "dst" : !src ? "src" : "dim");
    if (!before || !after) return mv__fail_null(ctx, "pad_array", before ? "after" : "before");
    if ((st = mv__sp_array_check(ctx, "pad_array", elem_size, ndim, dim)) < 0) return st;
    if (!((int)mode >= 0 && mode <= MEDVOL_PAD_MAXIMUM))
        return mv__fail(ctx, MEDVOL_E_RANGE, "mode", (double)mode, -1, "pad_array: mode = %d: must be 0..%d",
                        (int)mode, (int)MEDVOL_PAD_WRAP);
    if (mode >= MEDVOL_PAD_MEAN)
        return mv__fail(ctx, MEDVOL_E_UNSUPPORTED, "mode", (double)mode, -1,
                        "pad_array: mode = %d needs a data type: use mv_pad", (int)mode);
    mv__memset(&g, 0, sizeof g);
    for (d = 0; d < ndim; d++) {
        if (!mv__add(before[d], dim[d], &g.n[d]) || !mv__add(g.n[d], after[d], &g.n[d]) ||
            !mv__mul(outer, g.n[d], &outer) || outer > (size_t)PTRDIFF_MAX)
            return mv__fail(ctx, MEDVOL_E_SIZE, "before", (double)before[d], -1,
                            "pad_array: axis %d: %zu + %zu + %zu is too large", d, before[d], dim[d],
                            after[d]);
        g.m[d] = dim[d];
        g.before[d] = before[d];
        g.ds[d] = g.n[d] > 1 ? (ptrdiff_t)(outer / g.n[d]) : 0;
        g.ss[d] = g.m[d] > 1 ? (ptrdiff_t)inner : 0;
        inner *= dim[d];
    }
    if (mv__overlap(dst, outer, src, inner))
        return mv__fail(ctx, MEDVOL_E_ALIAS, "dst", 0, -1, "pad_array: dst and src overlap");
    if (fill) mv__memcpy(g.pat, fill, elem_size);
    g.d = (unsigned char *)dst;
    g.s = (const unsigned char *)src;
    g.size = elem_size;
    g.nd = ndim;
    g.nt = outer > MV__NT_BYTES;
    g.mode = mode;
    return mv__sp_pad_run(ctx, &g, "pad");
}
#endif
#endif /* MEDVOL_NO_SPATIAL */

/* ==== [RESAMPLE] interpolation, resampling to spacing, shape, grid, by an affine. Owns mv__rs_*. Uses
   [VOLUME]. Source: Keys 1981 (cubic convolution), Unser 1999 (B-splines and their recursive prefilter),
   Duchon 1979 (Lanczos). ================================================================================= */
#ifndef MEDVOL_NO_RESAMPLE
#ifdef MV__PASS
#if MV__PASS == 1
/* outputs of a row that share one start in double; the rest of a position is float */
#  define MV__RS_RUN 64
#  define MV__RS_FIRST 16 /* terms of the prefilter's start: pole^16 is 7e-10 */
/* The x pass. Outputs go in blocks of a vector; a block reads the window that begins at base[block] of the
   padded row. */
typedef struct mv__rs_xrun {
    size_t m, taps;
    int mode;            /* the window of a tap fits in 1 or 2 vectors, 0: that of all taps in 1; 3: gather */
    const int32_t *base; /* a block */
    const int32_t *off;  /* a lane: first tap - base */
    const float *w;      /* [block][tap][lane] */
} mv__rs_xrun;
typedef struct mv__rs_pole { /* the B-spline prefilter of n values */
    size_t n, nfirst;
    int wrap;
    float first[MV__RS_FIRST], pole, gain, last;
} mv__rs_pole;
/* data: voxel 0, 0, 0, within its margin if it has one; fewer than 2^31 elements in all */
typedef struct mv__rs_src {
    const float *data;
    size_t n[3], sy, sz;
} mv__rs_src;
#endif
/* d = sum of w[t] * row t, the y and z passes on whole x-rows; two taps as a + w1 * (b - a), which keeps
   constants */
#define MV__RS_COMB(T, name, LOAD)                                                                           \
    static void MV__K(mv__rs_comb_##name)(float *d, const void *const *rows, const float *w, size_t taps,    \
                                          size_t n) {                                                        \
        const T *a = (const T *)rows[0], *b = (const T *)rows[taps > 1 ? 1 : 0];                             \
        size_t i = 0, t;                                                                                     \
        if (taps == 2) {                                                                                     \
            const mvf k = mvf_set1(w[1]);                                                                    \
            for (; i + MVF_N <= n; i += MVF_N) {                                                             \
                mvf x = LOAD(a + i);                                                                         \
                mvf_store(d + i, mvf_mad(k, mvf_sub(LOAD(b + i), x), x));                                    \
            }                                                                                                \
            mv_end();                                                                                        \
            for (; i < n; i++) d[i] = w[1] * ((float)b[i] - (float)a[i]) + (float)a[i];                      \
            return;                                                                                          \
        }                                                                                                    \
        if (taps == 4) {                                                                                     \
            const T *c = (const T *)rows[2], *e = (const T *)rows[3];                                        \
            const mvf k0 = mvf_set1(w[0]), k1 = mvf_set1(w[1]), k2 = mvf_set1(w[2]), k3 = mvf_set1(w[3]);    \
            for (; i + MVF_N <= n; i += MVF_N) {                                                             \
                mvf s = mvf_mad(k1, LOAD(b + i), mvf_mul(k0, LOAD(a + i)));                                  \
                mvf_store(d + i, mvf_mad(k3, LOAD(e + i), mvf_mad(k2, LOAD(c + i), s)));                     \
            }                                                                                                \
        }                                                                                                    \
        for (; i + MVF_N <= n; i += MVF_N) {                                                                 \
            mvf s = mvf_mul(mvf_set1(w[0]), LOAD(a + i));                                                    \
            for (t = 1; t < taps; t++) s = mvf_mad(mvf_set1(w[t]), LOAD((const T *)rows[t] + i), s);         \
            mvf_store(d + i, s);                                                                             \
        }                                                                                                    \
        mv_end();                                                                                            \
        for (; i < n; i++) {                                                                                 \
            float s = w[0] * (float)a[i];                                                                    \
            for (t = 1; t < taps; t++) s = w[t] * (float)((const T *)rows[t])[i] + s;                        \
            d[i] = s;                                                                                        \
        }                                                                                                    \
    }
#define MV__RS_U8(p) mvf_fromi(mvi_load_u8(p))
#define MV__RS_I16(p) mvf_fromi(mvi_load_i16(p))
#define MV__RS_U16(p) mvf_fromi(mvi_load_u16(p))
MV__RS_COMB(float, f32, mvf_load)
MV__RS_COMB(uint8_t, u8, MV__RS_U8)
MV__RS_COMB(int16_t, i16, MV__RS_I16)
MV__RS_COMB(uint16_t, u16, MV__RS_U16)
#undef MV__RS_COMB
#undef MV__RS_U8
#undef MV__RS_I16
#undef MV__RS_U16
static void MV__K(mv__rs_scale)(float *d, size_t n, float slope, float inter) {
    const mvf k = mvf_set1(slope), o = mvf_set1(inter);
    size_t i = 0;
    for (; i + MVF_N <= n; i += MVF_N) mvf_store(d + i, mvf_mad(mvf_load(d + i), k, o));
    mv_end();
    for (; i < n; i++) d[i] = d[i] * slope + inter;
}
static size_t MV__K(mv__rs_lanes)(void) { return MVF_N; }
/* the x pass: taps of a block are the same lanes of windows one element apart */
/* q: p + tap; one load for all */
#define MV__RS_WINDOW0(q, i) mvf_perm(mvf_load(p), mvi_add(i, mvi_set1((q) - p)))
#define MV__RS_WINDOW1(p, i) mvf_perm(mvf_load(p), i)
#define MV__RS_WINDOW2(p, i) mvf_perm2(mvf_load(p), mvf_load((p) + MVF_N), i)
#define MV__RS_XLOOP(FETCH, TAPS, SUM)                                                                       \
    for (b = 0; b < m; b += MVF_N, w += (TAPS) * MVF_N) {                                                    \
        const float *p = row + *base++;                                                                      \
        const mvi at = mvi_load(off + b);                                                                    \
        mvf s = FETCH(p, at);                                                                                \
        SUM(FETCH)                                                                                           \
        if (b + MVF_N <= m) mvf_store(d + b, s);                                                             \
        else mvf_storen(d + b, s, m - b);                                                                    \
    }
#define MV__RS_X2(FETCH) s = mvf_mad(mvf_load(w + MVF_N), mvf_sub(FETCH(p + 1, at), s), s);
#define MV__RS_X4(FETCH)                                                                                     \
    s = mvf_mad(mvf_load(w + MVF_N), FETCH(p + 1, at), mvf_mul(mvf_load(w), s));                             \
    s = mvf_mad(mvf_load(w + 2 * MVF_N), FETCH(p + 2, at), s);                                               \
    s = mvf_mad(mvf_load(w + 3 * MVF_N), FETCH(p + 3, at), s);
#define MV__RS_XN(FETCH)                                                                                     \
    s = mvf_mul(mvf_load(w), s);                                                                             \
    for (t = 1; t < taps; t++) s = mvf_mad(mvf_load(w + t * MVF_N), FETCH(p + t, at), s);
#define MV__RS_XTAPS(FETCH)                                                                                  \
    if (taps == 2) { MV__RS_XLOOP(FETCH, 2, MV__RS_X2) }                                                     \
    else if (taps == 4) { MV__RS_XLOOP(FETCH, 4, MV__RS_X4) }                                                \
    else { MV__RS_XLOOP(FETCH, taps, MV__RS_XN) }
static void MV__K(mv__rs_x)(float *d, const float *row, const mv__rs_xrun *x) {
    const int32_t *base = x->base, *off = x->off;
    const float *w = x->w;
    const size_t m = x->m, taps = x->taps;
    size_t b, t;
    if (x->mode == 0) { MV__RS_XTAPS(MV__RS_WINDOW0) }
    else if (x->mode == 1) { MV__RS_XTAPS(MV__RS_WINDOW1) }
    else if (x->mode == 2) { MV__RS_XTAPS(MV__RS_WINDOW2) }
    else { MV__RS_XTAPS(mvf_gather) }
    mv_end();
}
#undef MV__RS_XTAPS
#undef MV__RS_X2
#undef MV__RS_X4
#undef MV__RS_XN
#undef MV__RS_XLOOP
#undef MV__RS_WINDOW0
#undef MV__RS_WINDOW1
#undef MV__RS_WINDOW2
/* nearest: 32-bit elements picked from a row; narrower ones were widened once */
#define MV__RS_PICK(T, name, STORE)                                                                          \
    static void MV__K(mv__rs_pick_##name)(void *dst, const int32_t *row, const mv__rs_xrun *x) {             \
        T *d = (T *)dst;                                                                                     \
        const int32_t *base = x->base, *off = x->off, *p;                                                    \
        const size_t full = x->m / MVF_N, m = x->m;                                                          \
        const int mode = x->mode;                                                                            \
        size_t b, k;                                                                                         \
        if (mode < 2)                                                                                        \
            for (b = 0; b < full; b++) {                                                                     \
                p = row + base[b];                                                                           \
                STORE(d + b * MVF_N, mvf_bits(mvf_perm(mvi_asf(mvi_load(p)), mvi_load(off + b * MVF_N))));   \
            }                                                                                                \
        else                                                                                                 \
            for (b = 0; b < full; b++) {                                                                     \
                const mvi at = mvi_load(off + b * MVF_N);                                                    \
                mvf s;                                                                                       \
                p = row + base[b];                                                                           \
                if (mode == 2) s = mvf_perm2(mvi_asf(mvi_load(p)), mvi_asf(mvi_load(p + MVF_N)), at);        \
                else s = mvf_gather((const float *)(const void *)p, at);                                     \
                STORE(d + b * MVF_N, mvf_bits(s));                                                           \
            }                                                                                                \
        mv_end();                                                                                            \
        for (k = full * MVF_N; k < m; k++) d[k] = (T)row[base[full] + off[k]];                               \
    }
MV__RS_PICK(uint8_t, b1, mvi_store_u8)
MV__RS_PICK(uint16_t, b2, mvi_store_u16)
MV__RS_PICK(int32_t, b4, mvi_store)
#undef MV__RS_PICK
static void MV__K(mv__rs_widen)(int32_t *d, const void *src, size_t size, size_t n) {
    const uint8_t *s1 = (const uint8_t *)src;
    const uint16_t *s2 = (const uint16_t *)src;
    size_t i = 0;
    if (size == 1) for (; i + MVF_N <= n; i += MVF_N) mvi_store(d + i, mvi_load_u8(s1 + i));
    else for (; i + MVF_N <= n; i += MVF_N) mvi_store(d + i, mvi_load_u16(s2 + i));
    mv_end();
    for (; i < n; i++) d[i] = size == 1 ? (int32_t)s1[i] : (int32_t)s2[i];
}
/* finished values past the caches; whoever is done calls mv__rs_fence, which costs as much as writing 4
   KiB */
static void MV__K(mv__rs_flush)(float *d, const float *s, size_t n) {
    size_t i = 0, head = mv__cv_head(d, MVF_N * sizeof(float), sizeof(float), n);
    for (; i < head; i++) d[i] = s[i];
    for (; i + MVF_N <= n; i += MVF_N) mvf_stream(d + i, mvf_load(s + i));
    mv_end();
    for (; i < n; i++) d[i] = s[i];
}
static void MV__K(mv__rs_fence)(void) { mv_fence(); }
/* B-spline prefilter in place along an axis of this stride, `width` neighbours (a multiple of 16) at once:
   causal u[k] = s[k] + z u[k-1], then anticausal c[k] = z c[k+1] - 6 z u[k] */
static void MV__K(mv__rs_pre_col)(float *p, size_t stride, size_t width, const mv__rs_pole *q) {
    const mvf z = mvf_set1(q->pole), g = mvf_set1(q->gain);
    float *end = p + (q->n - 1) * stride, *row;
    size_t i, k;
    for (i = 0; i < width; i += MVF_N) {
        mvf s = mvf_mul(mvf_set1(q->first[0]), mvf_load(p + i));
        for (k = 1; k < q->nfirst; k++)
            s = mvf_mad(mvf_set1(q->first[k]), mvf_load(p + (q->wrap ? q->n - k : k) * stride + i), s);
        mvf_store(p + i, s);
    }
    for (row = p + stride; row <= end; row += stride)
        for (i = 0; i < width; i += MVF_N)
            mvf_store(row + i, mvf_mad(z, mvf_load(row - stride + i), mvf_load(row + i)));
    for (i = 0; i < width; i += MVF_N) {
        mvf s;
        if (q->wrap) {
            s = mvf_mul(mvf_set1(q->first[0]), mvf_load(end + i));
            for (k = 1; k < q->nfirst; k++)
                s = mvf_mad(mvf_set1(q->first[k]), mvf_load(p + (k - 1) * stride + i), s);
        } else s = mvf_mad(z, mvf_load(end - stride + i), mvf_load(end + i));
        mvf_store(end + i, mvf_mul(mvf_set1(q->last), s));
    }
    for (k = q->n - 1; k > 0;) {
        row = p + --k * stride;
        for (i = 0; i < width; i += MVF_N)
            mvf_store(row + i, mvf_mad(z, mvf_load(row + stride + i), mvf_mul(g, mvf_load(row + i))));
    }
    mv_end();
}
/* The same along x for MVF_N rows: squares of MVF_N columns are turned, filtered down the columns and left
   turned in their place until the way back. Rows are padded to a multiple of 16. */
static void MV__K(mv__rs_pre_x)(float *p, size_t stride, const mv__rs_pole *q) {
    const mvf z = mvf_set1(q->pole), g = mvf_set1(q->gain);
    const size_t n = q->n, top = (n - 1) / MVF_N * MVF_N;
    float start[MVF_N], *c;
    mvf r[MVF_N], s;
    size_t b, j, k;
    for (j = 0; j < MVF_N; j++) {
        c = p + j * stride;
        start[j] = q->first[0] * c[0];
        for (k = 1; k < q->nfirst; k++) start[j] += q->first[k] * c[q->wrap ? n - k : k];
    }
    s = mvf_zero();
    for (b = 0; b <= top; b += MVF_N) {
        MV__UNROLL for (k = 0; k < MVF_N; k++) r[k] = mvf_load(p + k * stride + b);
        mvf_transpose(r);
        if (b == 0) r[0] = mvf_load(start);
        MV__UNROLL for (k = 0; k < MVF_N; k++) r[k] = s = mvf_mad(z, s, r[k]);
        MV__UNROLL for (k = 0; k < MVF_N; k++) mvf_store(p + k * stride + b, r[k]);
    }
#define MV__RS_TURNED(col) (p + (col) % MVF_N * stride + (col) / MVF_N * MVF_N)
    if (q->wrap) {
        s = mvf_mul(mvf_set1(q->first[0]), mvf_load(MV__RS_TURNED(n - 1)));
        for (k = 1; k < q->nfirst; k++) s = mvf_mad(mvf_set1(q->first[k]), mvf_load(MV__RS_TURNED(k - 1)), s);
    } else s = mvf_mad(z, mvf_load(MV__RS_TURNED(n - 2)), mvf_load(MV__RS_TURNED(n - 1)));
    s = mvf_mul(mvf_set1(q->last), s);
    mvf_store(MV__RS_TURNED(n - 1), s);
    for (k = n - 1; k > top; k--) {
        s = mvf_mad(z, s, mvf_mul(g, mvf_load(MV__RS_TURNED(k - 1))));
        mvf_store(MV__RS_TURNED(k - 1), s);
    }
#undef MV__RS_TURNED
    for (b = top;; b -= MVF_N) {
        MV__UNROLL for (k = 0; k < MVF_N; k++) r[k] = mvf_load(p + k * stride + b);
        if (b < top) {
            MV__UNROLL for (k = 0; k < MVF_N; k++)
                r[MVF_N - 1 - k] = s = mvf_mad(z, s, mvf_mul(g, r[MVF_N - 1 - k]));
        }
        mvf_transpose(r);
        MV__UNROLL for (k = 0; k < MVF_N; k++) mvf_store(p + k * stride + b, r[k]);
        if (b == 0) break;
    }
    mv_end();
}
/* General affine: n outputs from input position `at` on, `step` apart. Positions are moved into 0..n-1. A run
   of 64 has its start split in double into whole voxels and a fraction, so that floats hold small numbers
   only. */
#if MV__PASS == 1
typedef struct mv__rs_start {
    float frac[3], lo[3], hi[3];
    int32_t base;
} mv__rs_start;
MV__WRAPS static inline void mv__rs_begin(mv__rs_start *o, const mv__rs_src *v, const double *at,
                                          const double *step, double i) {
    uint32_t base = 0;
    int r;
    for (r = 0; r < 3; r++) {
        double q = at[r] + i * step[r], whole = floor(q);
        o->frac[r] = (float)(q - whole);
        o->lo[r] = (float)-whole;
        o->hi[r] = (float)((double)(v->n[r] - 1) - whole);
        /* modulo 2^32: the sum fits */
        base += (uint32_t)(int32_t)whole * (uint32_t)(r == 0 ? 1 : r == 1 ? v->sy : v->sz);
    }
    o->base = (int32_t)base;
}
#endif
/* The pairs x[r], y[r] at p[k], p[k + 1], r: 0, + dy, + dz, + dy + dz. 8-byte loads of our own: gathers of
   the CPU take two to three times as long on some models and are never faster for pairs. */
#if MV__PASS >= 3
#  define MV__RS_PAIR(a, b) \
      _mm_loadh_pi(_mm_castsi128_ps(_mm_loadl_epi64((const __m128i *)(const void *)(a))), \
                   (const __m64 *)(const void *)(b))
static inline void MV__K(mv__rs_corners)(const float *p, size_t dy, size_t dz, mvi k, mvf *x, mvf *y) {
    int32_t at[MVF_N];
    mvf part[4][2];
    size_t h, r;
    mvi_store(at, k);
    MV__UNROLL for (h = 0; h < 2; h++) {
        const int32_t *o = at + h * (MVF_N / 2);
        MV__UNROLL for (r = 0; r < 4; r++) {
            const float *q = p + (r & 1 ? dy : 0) + (r & 2 ? dz : 0);
            const __m256 lo = _mm256_insertf128_ps(_mm256_castps128_ps256(MV__RS_PAIR(q + o[0], q + o[1])),
                                                   MV__RS_PAIR(q + o[2], q + o[3]), 1);
#  if MV__PASS == 4
            const __m256 hi = _mm256_insertf128_ps(_mm256_castps128_ps256(MV__RS_PAIR(q + o[4], q + o[5])),
                                                   MV__RS_PAIR(q + o[6], q + o[7]), 1);
            part[r][h] = _mm512_insertf32x8(_mm512_castps256_ps512(lo), hi, 1);
#  else
            part[r][h] = lo;
#  endif
        }
    }
    MV__UNROLL for (r = 0; r < 4; r++) {
#  if MV__PASS == 4
        const mvi even = _mm512_setr_epi32(0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30);
        x[r] = mvf_perm2(part[r][0], part[r][1], even);
        y[r] = mvf_perm2(part[r][0], part[r][1], mvi_add(even, mvi_set1(1)));
#  else
        const mvf e = _mm256_shuffle_ps(part[r][0], part[r][1], 0x88),
                  d = _mm256_shuffle_ps(part[r][0], part[r][1], 0xdd);
        x[r] = _mm256_castpd_ps(_mm256_permute4x64_pd(_mm256_castps_pd(e), 0xd8));
        y[r] = _mm256_castpd_ps(_mm256_permute4x64_pd(_mm256_castps_pd(d), 0xd8));
#  endif
    }
}
#  undef MV__RS_PAIR
#else
static inline void MV__K(mv__rs_corners)(const float *p, size_t dy, size_t dz, mvi k, mvf *x, mvf *y) {
    mvf_gather2(p, k, &x[0], &y[0]);
    mvf_gather2(p + dy, k, &x[1], &y[1]);
    mvf_gather2(p + dz, k, &x[2], &y[2]);
    mvf_gather2(p + dz + dy, k, &x[3], &y[3]);
}
#endif
static void MV__K(mv__rs_lin)(float *d, const mv__rs_src *v, const double *at, const double *step, size_t n) {
    const size_t dy = v->n[1] > 1 ? v->sy : 0, dz = v->n[2] > 1 ? v->sz : 0;
    const mvi sy = mvi_set1(v->sy), sz = mvi_set1(v->sz);
    const mvf iota = mvf_fromi(mvi_iota());
    size_t i, j, len;
    int r;
    for (i = 0; i < n; i += len) {
        mv__rs_start o;
        mvf cell[3];
        int32_t lane0[MVF_N];
        len = mv__minz(MV__RS_RUN, n - i);
        mv__rs_begin(&o, v, at, step, (double)i);
        MV__UNROLL for (r = 0; r < 3; r++) cell[r] = mvf_set1(v->n[r] > 1 ? o.hi[r] - 1.0f : o.hi[r]);
        for (j = 0; j < len; j += MVF_N) {
            mvf lane = mvf_min(mvf_add(iota, mvf_set1(j)), mvf_set1(len - 1)), f[3], whole[3], x[4], y[4], a,
                c;
            mvi k;
            MV__UNROLL for (r = 0; r < 3; r++) {
                mvf t = mvf_mad(mvf_set1((float)step[r]), lane, mvf_set1(o.frac[r]));
                t = mvf_min(mvf_max(t, mvf_set1(o.lo[r])), mvf_set1(o.hi[r]));
                whole[r] = mvf_min(mvf_floor(t), cell[r]);
                f[r] = mvf_sub(t, whole[r]);
            }
            k = mvi_add(mvi_set1(o.base), mvi_trunc(whole[0]));
            k = mvi_add(k, mvi_add(mvi_mul(mvi_trunc(whole[1]), sy), mvi_mul(mvi_trunc(whole[2]), sz)));
            mvi_store(lane0, k); /* the row after this one begins where this one ends: fetch what it adds */
            mv_prefetch(v->data + lane0[0] + 2 * dy);
            mv_prefetch(v->data + lane0[0] + 2 * dy + dz);
            MV__K(mv__rs_corners)(v->data, dy, dz, k, x, y);
            MV__UNROLL for (r = 0; r < 4; r++) x[r] = mvf_mad(f[0], mvf_sub(y[r], x[r]), x[r]);
            a = mvf_mad(f[1], mvf_sub(x[1], x[0]), x[0]);
            c = mvf_mad(f[1], mvf_sub(x[3], x[2]), x[2]);
            a = mvf_mad(f[2], mvf_sub(c, a), a);
            if (j + MVF_N <= len) mvf_store(d + i + j, a);
            else mvf_storen(d + i + j, a, len - j);
        }
    }
    mv_end();
}
/* weights of four taps at fraction f: cubic B-spline, or cubic convolution with parameter a */
static inline void MV__K(mv__rs_four)(mvf *w, mvf f, int spline, float a) {
    const mvf one = mvf_set1(1.0f), g = mvf_sub(one, f), f2 = mvf_mul(f, f);
    if (spline) {
        const mvf sixth = mvf_set1(1.0f / 6.0f);
        w[0] = mvf_mul(mvf_mul(mvf_mul(g, g), g), sixth);
        w[3] = mvf_mul(mvf_mul(f2, f), sixth);
        w[1] = mvf_mad(f2, mvf_sub(mvf_mul(f, mvf_set1(0.5f)), one), mvf_set1(2.0f / 3.0f));
    } else {
        w[0] = mvf_mul(mvf_mul(mvf_set1(a), f), mvf_mul(g, g));
        w[3] = mvf_mul(mvf_mul(mvf_set1(a), g), f2);
        w[1] = mvf_mad(f2, mvf_sub(mvf_mul(mvf_set1(a + 2.0f), f), mvf_set1(a + 3.0f)), one);
    }
    w[2] = mvf_sub(mvf_sub(one, w[1]), mvf_add(w[0], w[3]));
}
static void MV__K(mv__rs_cub)(float *d, const mv__rs_src *v, const double *at, const double *step, size_t n,
                              int spline, float a) {
    const mvi sy = mvi_set1(v->sy), sz = mvi_set1(v->sz);
    const mvf iota = mvf_fromi(mvi_iota());
    float w[3][4][MV__RS_RUN];
    int32_t first[MV__RS_RUN];
    size_t i, j, k, len;
    int r, t;
    for (i = 0; i < n; i += len) {
        mv__rs_start o;
        len = mv__minz(MV__RS_RUN, n - i);
        mv__rs_begin(&o, v, at, step, (double)i);
        for (j = 0; j < ((len + 3) & ~(size_t)3); j += MVF_N) {
            mvf lane = mvf_min(mvf_add(iota, mvf_set1(j)), mvf_set1(len - 1)), whole[3], u[4];
            mvi at0 = mvi_set1(o.base);
            MV__UNROLL for (r = 0; r < 3; r++) {
                mvf x = mvf_mad(mvf_set1((float)step[r]), lane, mvf_set1(o.frac[r]));
                x = mvf_min(mvf_max(x, mvf_set1(o.lo[r])), mvf_set1(o.hi[r]));
                whole[r] = mvf_floor(x);
                MV__K(mv__rs_four)(u, mvf_sub(x, whole[r]), spline, a);
                MV__UNROLL for (t = 0; t < 4; t++) mvf_store(&w[r][t][j], u[t]);
            }
            at0 = mvi_add(at0, mvi_trunc(whole[0]));
            at0 = mvi_add(at0, mvi_add(mvi_mul(mvi_trunc(whole[1]), sy), mvi_mul(mvi_trunc(whole[2]), sz)));
            mvi_store(first + j, at0);
        }
        for (j = 0; j < len; j += 4) {
            mv4 sum[4];
            float out[4];
            MV__UNROLL for (k = 0; k < 4; k++) {
                /* len is rounded up to whole fours above */
                /* NOLINTNEXTLINE(clang-analyzer-core.UndefinedBinaryOperatorResult) */
                const float *p = v->data + first[j + k] - 1 - (ptrdiff_t)v->sy - (ptrdiff_t)v->sz;
                const mv4 y0 = mv4_set1(w[1][0][j + k]), y1 = mv4_set1(w[1][1][j + k]);
                const mv4 y2 = mv4_set1(w[1][2][j + k]), y3 = mv4_set1(w[1][3][j + k]);
                MV__UNROLL for (t = 0; t < 4; t++) {
                    const float *q = p + (size_t)t * v->sz;
                    const mv4 z = mv4_set1(w[2][t][j + k]);
                    mv4 s = mv4_mad(y1, mv4_load(q + v->sy), mv4_mul(y0, mv4_load(q)));
                    s = mv4_mad(y3, mv4_load(q + 3 * v->sy), mv4_mad(y2, mv4_load(q + 2 * v->sy), s));
                    sum[k] = t ? mv4_mad(z, s, sum[k]) : mv4_mul(z, s);
                }
            }
            mv4_transpose(sum);
            sum[0] = mv4_mul(mv4_load(&w[0][0][j]), sum[0]);
            MV__UNROLL for (t = 1; t < 4; t++) sum[0] = mv4_mad(mv4_load(&w[0][t][j]), sum[t], sum[0]);
            if (j + 4 <= len) mv4_store(d + i + j, sum[0]);
            else {
                mv4_store(out, sum[0]);
                for (k = 0; j + k < len; k++) d[i + j + k] = out[k];
            }
        }
    }
    mv_end();
}
/* index of the nearest voxel; in double throughout, so every level agrees. idx has room for a multiple of
   16. */
static void MV__K(mv__rs_near)(int32_t *idx, const mv__rs_src *v, const double *at, const double *step,
                               size_t i0, size_t n) {
    size_t i;
    int r;
    for (i = 0; i < n; i += MVF_N) {
        const mvi lane = mvi_add(mvi_iota(), mvi_set1(i0 + i));
        const mvd lo = mvd_lo_i(lane), hi = mvd_hi_i(lane);
        mvi sum = mvi_set1(0);
        MV__UNROLL for (r = 0; r < 3; r++) {
            const mvd s = mvd_set1(step[r]), b = mvd_set1(at[r]), tie = mvd_set1(1e-7),
                      top = mvd_set1(v->n[r] - 1);
            mvd x = mvd_round(mvd_add(mvd_add(mvd_mul(lo, s), b), tie)),
                y = mvd_round(mvd_add(mvd_add(mvd_mul(hi, s), b), tie));
            mvi k;
            x = mvd_min(mvd_max(x, mvd_zero()), top);
            y = mvd_min(mvd_max(y, mvd_zero()), top);
            k = mvi_narrow(x, y);
            sum = mvi_add(sum, r == 0 ? k : mvi_mul(k, mvi_set1(r == 1 ? v->sy : v->sz)));
        }
        mvi_store(idx + i, sum);
    }
    mv_end();
}
/* Plain loads: gathers of the CPU are slower on many models. The row after this one is likely to begin
   `ahead` elements on. */
#define MV__RS_TAKE(T)                                                                                       \
    static void MV__K(mv__rs_take_##T)(void *dst, const void *src, const int32_t *idx, size_t n,             \
                                       size_t ahead) {                                                       \
        T *d = (T *)dst;                                                                                     \
        const T *p = (const T *)src;                                                                         \
        size_t i = 0, k;                                                                                     \
        for (; i + 8 <= n; i += 8) {                                                                         \
            mv_prefetch(p + (size_t)idx[i] + ahead);                                                         \
            MV__UNROLL for (k = 0; k < 8; k++) mv__memcpy(d + i + k, p + idx[i + k], sizeof(T));             \
        }                                                                                                    \
        for (; i < n; i++) mv__memcpy(d + i, p + idx[i], sizeof(T));                                         \
    }
MV__RS_TAKE(uint8_t)
MV__RS_TAKE(uint16_t)
MV__RS_TAKE(uint32_t)
MV__RS_TAKE(uint64_t)
#undef MV__RS_TAKE
#else
/* ---- what was asked for ---- */
typedef struct mv__rs_ask {
    const char *op;
    mv_interp interp;
    mv_border border;
    mv_grid grid;
    mv_shape_rule shape;
    mv_dtype dtype;
    double value, a;
    int lobes, antialias;
} mv__rs_ask;
static mv_status mv__rs_ask_make(mv_ctx *ctx, mv__rs_ask *k, const char *op, const mv_resample_opt *opt,
                                 mv_border border) {
    mv_resample_opt o;
    mv__memset(&o, 0, sizeof o);
    if (opt) o = *opt;
    k->op = op;
    k->interp = o.interp;
    k->border = o.border == MEDVOL_BORDER_DEFAULT ? border : o.border;
    k->grid = o.grid;
    k->shape = o.shape;
    k->dtype = o.dtype;
    k->value = o.value;
    k->a = o.a == 0.0 ? -0.5 : o.a;
    k->lobes = o.lobes == 0 ? 3 : o.lobes;
    k->antialias = o.antialias != 0;
    if (!((int)o.interp >= 0 && (int)o.interp <= MEDVOL_LANCZOS))
        return mv__fail(ctx, MEDVOL_E_RANGE, "interp", o.interp, -1, "%s: interp = %d is unknown", op,
                        (int)o.interp);
    if (!((int)o.border >= 0 && (int)o.border <= MEDVOL_BORDER_WRAP))
        return mv__fail(ctx, MEDVOL_E_RANGE, "border", o.border, -1, "%s: border = %d is unknown", op,
                        (int)o.border);
    if (!((int)o.grid >= 0 && (int)o.grid <= MEDVOL_GRID_ALIGN_CORNERS))
        return mv__fail(ctx, MEDVOL_E_RANGE, "grid", o.grid, -1, "%s: grid = %d is unknown", op, (int)o.grid);
    if (!((int)o.shape >= 0 && (int)o.shape <= MEDVOL_SHAPE_FLOOR))
        return mv__fail(ctx, MEDVOL_E_RANGE, "shape", o.shape, -1, "%s: shape = %d is unknown", op,
                        (int)o.shape);
    if (!mv__finite(o.value))
        return mv__fail(ctx, MEDVOL_E_RANGE, "value", o.value, -1, "%s: value = %g: must be finite", op,
                        o.value);
    if (!(k->a >= -2.0 && k->a <= 0.0))
        return mv__fail(ctx, MEDVOL_E_RANGE, "a", o.a, -1, "%s: a = %g: must be -2..0", op, o.a);
    if (!(k->lobes >= 2 && k->lobes <= 8))
        return mv__fail(ctx, MEDVOL_E_RANGE, "lobes", o.lobes, -1, "%s: lobes = %d: must be 2..8", op,
                        o.lobes);
    if (o.dtype != MEDVOL_NONE && !mv_dtype_size(o.dtype))
        return mv__fail(ctx, MEDVOL_E_DTYPE, "dtype", o.dtype, -1, "%s: data type %d is unknown", op,
                        (int)o.dtype);
    return MEDVOL_OK;
}
static size_t mv__rs_taps(const mv__rs_ask *k) {
    return k->interp == MEDVOL_NEAREST   ? 1
           : k->interp == MEDVOL_LINEAR  ? 2
           : k->interp == MEDVOL_LANCZOS ? 2 * (size_t)k->lobes
                                         : 4;
}
/* Weights of the taps floor(x) - (taps / 2 - 1) ... at fraction f of x. */
static void mv__rs_weights(const mv__rs_ask *k, double f, double *w) {
    const double g = 1.0 - f, a = k->a, pi = 3.14159265358979323846;
    double sum = 0.0;
    int j;
    switch (k->interp) {
        case MEDVOL_NEAREST: w[0] = 1.0; break;
        case MEDVOL_LINEAR: w[0] = g, w[1] = f; break;
        case MEDVOL_CUBIC:
            w[0] = g * g * g / 6.0;
            w[1] = 2.0 / 3.0 - f * f * (1.0 - f / 2.0);
            w[2] = 2.0 / 3.0 - g * g * (1.0 - g / 2.0);
            w[3] = f * f * f / 6.0;
            break;
        case MEDVOL_CUBIC_CONV:
            w[0] = a * f * g * g;
            w[1] = ((a + 2.0) * f - (a + 3.0)) * f * f + 1.0;
            w[2] = ((a + 2.0) * g - (a + 3.0)) * g * g + 1.0;
            w[3] = a * g * f * f;
            break;
        default:
            for (j = 0; j < 2 * k->lobes; j++) {
                double t = f - (double)(j - (k->lobes - 1)), u = t / k->lobes;
                w[j] = t == 0.0                     ? 1.0
                       : f == 0.0 || fabs(u) >= 1.0 ? 0.0
                                                    : sin(pi * t) * sin(pi * u) / (pi * pi * t * u);
                sum += w[j];
            }
            for (j = 0; j < 2 * k->lobes; j++) w[j] /= sum;
    }
}
/* Where a position is read, and which voxel stands at index i. */
static double mv__rs_fold(mv_border border, double x, size_t n) {
    double top = (double)(n - 1);
    if (border == MEDVOL_BORDER_WRAP) {
        x = fmod(x, (double)n);
        if (x < 0.0) x += (double)n;
        return x < (double)n ? x : 0.0;
    }
    if (border == MEDVOL_BORDER_MIRROR) {
        if (n == 1) return 0.0;
        x = fmod(fabs(x), 2.0 * top);
        return x > top ? 2.0 * top - x : x;
    }
    return x < 0.0 ? 0.0 : x > top ? top : x;
}
static size_t mv__rs_map(mv_border border, ptrdiff_t i, size_t n) {
    ptrdiff_t m = (ptrdiff_t)n;
    if (i >= 0 && i < m) return (size_t)i;
    if (border == MEDVOL_BORDER_WRAP) return (size_t)((i % m + m) % m);
    if (border == MEDVOL_BORDER_MIRROR || border == MEDVOL_BORDER_FORCE_INT) {
        if (n == 1) return 0;
        i = (i < 0 ? -i : i) % (2 * (m - 1));
        return (size_t)(i >= m ? 2 * (m - 1) - i : i);
    }
    return i < 0 ? 0 : n - 1;
}
/* The taps' own border: B-spline coefficients are mirrored but for wrap (FORCE_INT stands for that in
   mv__rs_map). */
static mv_border mv__rs_tap_border(const mv__rs_ask *k) {
    return k->interp == MEDVOL_CUBIC && k->border != MEDVOL_BORDER_WRAP ? MEDVOL_BORDER_MIRROR : k->border;
}
static double mv__rs_snap(double x) {
    double r = mv__rint(x);
    return fabs(x - r) < 1e-7 ? r : x;
}
static double mv__rs_sigma(const mv__rs_ask *k, double step) {
    double s = fabs(step);
    return k->antialias && s > 1.0 && k->interp != MEDVOL_NEAREST ? (s - 1.0) / 2.0 : 0.0;
}

/* Input voxels an output voxel spans along axis r. */
static double mv__rs_step(const double *m, int r) {
    return sqrt(m[4 * r] * m[4 * r] + m[4 * r + 1] * m[4 * r + 1] + m[4 * r + 2] * m[4 * r + 2]);
}

/* ---- one axis, prepared: output i is the sum of w[i * taps + t] * input[at[i * taps + t]] ---- */
typedef struct mv__rs_axis {
    size_t n, m, taps, lo, hi; /* outputs outside lo..hi-1 are the border's value */
    int same;                  /* the axis is only copied */
    int32_t *at, *first;       /* first: of the taps, before the border rule */
    float *w;
} mv__rs_axis;
static void mv__rs_axis_free(mv_ctx *ctx, mv__rs_axis *x) {
    mv__free(ctx, x->w);
    x->w = NULL;
}
static void mv__rs_axis_fill(mv__rs_axis *x, const mv__rs_ask *k, double o, double s, double *g, size_t r) {
    size_t taps = mv__rs_taps(k), i, j, t, inside = 0;
    mv_border tap = mv__rs_tap_border(k);
    double w[16], *sum = g + 2 * r + 1;
    for (i = 0; i < x->m; i++) {
        double p = mv__rs_snap(o + s * (double)i), whole;
        int in = p >= -0.5 - 1e-7 && p <= (double)x->n - 0.5 + 1e-7;
        if (in && !inside) x->lo = i;
        if (in) inside = 1, x->hi = i + 1;
        if (k->interp == MEDVOL_NEAREST) {
            p = k->border == MEDVOL_BORDER_EDGE || k->border == MEDVOL_BORDER_CONSTANT
                    ? mv__rs_fold(k->border, p, x->n)
                    : p;
            p = mv__rs_fold(k->border == MEDVOL_BORDER_WRAP ? k->border : MEDVOL_BORDER_EDGE,
                            mv__rint(mv__rs_fold(k->border, p, x->n) + 1e-7), x->n);
        } else p = mv__rs_snap(mv__rs_fold(k->border, p, x->n));
        whole = floor(p);
        mv__rs_weights(k, p - whole, w);
        for (t = 0; t < x->taps; t++) sum[t] = 0.0;
        for (t = 0; t < taps; t++)
            for (j = 0; j <= 2 * r; j++) sum[t + j] += w[t] * g[j];
        x->first[i] = (int32_t)whole - (int32_t)((taps + 1) / 2 - 1) - (int32_t)r;
        for (t = 0; t < x->taps; t++) {
            x->w[i * x->taps + t] = (float)sum[t];
            x->at[i * x->taps + t] = (int32_t)mv__rs_map(tap, (ptrdiff_t)x->first[i] + (ptrdiff_t)t, x->n);
        }
    }
    if (k->border != MEDVOL_BORDER_CONSTANT) x->lo = 0, x->hi = x->m;
}
/* o + s * i: position of output i. sigma: of the smoothing before, in input voxels. */
static mv_status mv__rs_axis_make(mv_ctx *ctx, mv__rs_axis *x, const mv__rs_ask *k, size_t n, size_t m,
                                  double o, double s, double sigma) {
    size_t r, j, cells, bytes, more;
    double *g, total = 0.0;
    mv__memset(x, 0, sizeof *x);
    x->n = n;
    x->m = m;
    x->same = n == m && sigma == 0.0 && fabs(o) < 1e-7 && fabs(o + (s - 1.0) * (double)(m - 1)) < 1e-7;
    if (!(4.0 * sigma < 1e6))
        return mv__fail(ctx, MEDVOL_E_RANGE, "antialias", s, -1,
                        "%s: a step of %g voxels is too large to smooth for", k->op, s);
    r = (size_t)(4.0 * sigma + 0.5);
    x->taps = mv__rs_taps(k) + 2 * r;
    if (!mv__mul(m, x->taps, &cells) || !mv__mul(cells, 8, &bytes) || !mv__mul(m, 4, &more) ||
        !mv__add(bytes, more, &bytes) || !mv__add(bytes, 64, &bytes))
        return mv__fail(ctx, MEDVOL_E_SIZE, "shape", (double)m, -1, "%s: %zu voxels of %zu taps are too many",
                        k->op, m, x->taps);
    g = (double *)mv__alloc(ctx, (2 * r + 1 + x->taps) * sizeof *g);
    if (!g) return MEDVOL_E_NOMEM;
    x->w = (float *)mv__alloc(ctx, bytes);
    if (!x->w) {
        mv__free(ctx, g);
        return MEDVOL_E_NOMEM;
    }
    x->at = (int32_t *)(void *)(x->w + cells);
    x->first = x->at + cells;
    for (j = 0; j <= 2 * r; j++) {
        double d = ((double)j - (double)r) / (sigma > 0.0 ? sigma : 1.0);
        g[j] = exp(-0.5 * d * d);
        total += g[j];
    }
    for (j = 0; j <= 2 * r; j++) g[j] /= total;
    mv__rs_axis_fill(x, k, o, s, g, r);
    mv__free(ctx, g);
    return MEDVOL_OK;
}
/* The x axis as vector blocks: one allocation, behind it the source of each padding cell of a row. */
typedef struct mv__rs_rows {
    mv__rs_xrun run;
    int32_t *base, *off, *pad; /* pad[0..left-1] before the row, pad[left..left+right-1] behind it */
    float *w;
    size_t left, right, width; /* width: floats a padded row takes, reading ahead included */
} mv__rs_rows;
static mv_status mv__rs_rows_make(mv_ctx *ctx, mv__rs_rows *q, const mv__rs_axis *x, mv_border tap) {
    size_t lanes = MV__PICK(mv__rs_lanes)(), blocks = mv__divup(x->m, lanes), cells = blocks * lanes, b, j, t,
           bytes, pads;
    int32_t least = 0, most = 0, span = 0;
    for (j = 0; j < x->m; j++) {
        if (x->first[j] < least) least = x->first[j];
        if (x->first[j] > most) most = x->first[j];
    }
    q->left = (size_t)-least;
    q->right = (size_t)most + x->taps > x->n ? (size_t)most + x->taps - x->n : 0;
    q->width = (q->left + x->n + q->right + 2 * lanes + x->taps + 16 + 15) & ~(size_t)15;
    pads = q->left + q->right;
    if (!mv__mul(cells, x->taps * 4 + 4, &bytes) || !mv__add(bytes, (blocks + pads) * 4 + 64, &bytes))
        return mv__fail(ctx, MEDVOL_E_SIZE, "shape", (double)x->m, -1,
                        "resample: tables of %zu voxels are too large", x->m);
    q->w = (float *)mv__alloc(ctx, bytes);
    if (!q->w) return MEDVOL_E_NOMEM;
    q->off = (int32_t *)(void *)(q->w + cells * x->taps);
    q->base = q->off + cells;
    q->pad = q->base + blocks;
    for (j = 0; j < q->left; j++)
        q->pad[j] = (int32_t)mv__rs_map(tap, (ptrdiff_t)j - (ptrdiff_t)q->left, x->n);
    for (j = 0; j < q->right; j++)
        q->pad[q->left + j] = (int32_t)mv__rs_map(tap, (ptrdiff_t)(x->n + j), x->n);
    for (b = 0; b < blocks; b++) {
        int32_t low = x->first[b * lanes];
        for (j = b * lanes; j < (b + 1) * lanes && j < x->m; j++)
            if (x->first[j] < low) low = x->first[j];
        q->base[b] = low + (int32_t)q->left;
        for (j = b * lanes; j < (b + 1) * lanes; j++) {
            size_t i = mv__minz(j, x->m - 1);
            q->off[j] = x->first[i] - low;
            if (q->off[j] > span) span = q->off[j];
            for (t = 0; t < x->taps; t++)
                q->w[(b * x->taps + t) * lanes + j - b * lanes] = x->w[i * x->taps + t];
        }
    }
    q->run.m = x->m;
    q->run.taps = x->taps;
    q->run.base = q->base;
    q->run.off = q->off;
    q->run.w = q->w;
    /* four lanes: permutes are loads there anyway */
    q->run.mode = lanes == 4                         ? 3
                  : (size_t)span + x->taps <= lanes ? 0
                  : (size_t)span < lanes            ? 1
                  : (size_t)span < 2 * lanes        ? 2
                                                    : 3;
    return MEDVOL_OK;
}

/* ---- the separable path. A job makes rows y0..y1-1 of planes z0..z1-1: z-combined rows are kept in a ring
   as long as the y taps need them, the y-combined row is padded by the border rule and goes through the x
   pass. ---- */
typedef struct mv__rs_view { /* three axes of a volume */
    unsigned char *p;
    mv_dtype type;
    size_t n[3], sy, sz; /* strides in elements */
    double slope, inter;
} mv__rs_view;
/* volume `which` of the further axes */
static void mv__rs_view_of(mv__rs_view *w, const mv_volume *v, size_t which) {
    size_t at = 0;
    int d;
    for (d = 0; d < 3; d++) w->n[d] = d < v->ndim ? v->dim[d] : 1;
    w->sy = v->ndim > 1 ? (size_t)v->stride[1] : w->n[0];
    w->sz = v->ndim > 2 ? (size_t)v->stride[2] : w->n[1] * w->sy;
    for (d = 3; d < v->ndim; d++) {
        at += which % v->dim[d] * (size_t)v->stride[d];
        which /= v->dim[d];
    }
    w->type = v->dtype;
    w->p = (unsigned char *)v->data + at * mv_dtype_size(v->dtype);
    mv__vol_scaling(v, &w->slope, &w->inter);
}
typedef void (*mv__rs_comb_fn)(float *d, const void *const *rows, const float *w, size_t taps, size_t n);
typedef struct mv__rs_sep {
    mv__rs_view src, dst;
    const mv__rs_axis *ax;
    mv__rs_rows rows;
    mv__rs_comb_fn comb; /* of the source's type, NULL: rows are converted first */
    float value;
    int nt, scaled, nearest;
    unsigned char fill[32], fill_to[32]; /* nearest: one element of the border as src and as dst store it */
    size_t room;            /* elements from the first to the last voxel of src */
    size_t tile, tiles, slab, slabs;                  /* rows of y and planes of z a job */
    size_t ring, width, stage, bytes, o_row, o_conv, o_stage, o_ptr, o_tag; /* scratch of a job */
    unsigned char *scratch;
} mv__rs_sep;
typedef struct mv__rs_job { /* what a job keeps at hand */
    float *ring, *row, *conv, *stage;
    const void **ptr, **yptr;
    size_t *tag, *stamp;
    unsigned char *to; /* where the staged values go */
    size_t held;
} mv__rs_job;
static int mv__rs_plain(const mv__rs_axis *a) { return a->taps == 1; }
static void mv__rs_give(mv__rs_job *j) { /* empty the stage */
    const float *from = j->stage + (size_t)((uintptr_t)j->to / 4 % 16);
    if (j->held) MV__PICK(mv__rs_flush)((float *)(void *)j->to, from, j->held);
    j->held = 0;
}
/* Empty it but for the last, unfinished cache line: finishing a line that was written past the caches would
   fetch it back. */
static void mv__rs_give_lines(mv__rs_job *j) {
    size_t phase = (size_t)((uintptr_t)j->to / 4 % 16), lines = (phase + j->held) & ~(size_t)15,
           n = lines - phase;
    if (lines <= phase) return;
    MV__PICK(mv__rs_flush)((float *)(void *)j->to, j->stage + phase, n);
    mv__memmove(j->stage, j->stage + lines, (j->held - n) * sizeof(float));
    j->to += n * sizeof(float);
    j->held -= n;
}
/* Where the next row of 32-bit values may be written: the destination, or the stage in front of it. */
static float *mv__rs_where(const mv__rs_sep *g, mv__rs_job *j, unsigned char *to) {
    size_t m = g->dst.n[0];
    if (!g->nt) return (float *)(void *)to;
    if (j->held && j->to + 4 * j->held != to) mv__rs_give(j);
    if (j->held + m > g->stage) mv__rs_give_lines(j);
    if (!j->held) j->to = to;
    j->held += m;
    return j->stage + (size_t)((uintptr_t)j->to / 4 % 16) + j->held - m;
}
static void mv__rs_fill(float *d, size_t n, float value) {
    size_t i;
    for (i = 0; i < n; i++) d[i] = value;
}
static const float *mv__rs_zrow(const mv__rs_sep *g, mv__rs_job *j, size_t oz, size_t iy, size_t turn) {
    const mv__rs_axis *az = &g->ax[2];
    size_t size = mv_dtype_size(g->src.type), n = g->src.n[0], slot, t;
    float *d;
    MV__KNOWN(g->ring > 0);
    slot = iy % g->ring;
    if (mv__rs_plain(az) && g->src.type == MEDVOL_F32 && !g->scaled)
        return (const float *)(const void *)(g->src.p +
                                             ((size_t)az->at[oz] * g->src.sz + iy * g->src.sy) * size);
    /* in use by this row */
    for (t = 0; j->tag[slot] != iy && j->stamp[slot] == turn; t++) slot = (slot + 1) % g->ring;
    d = j->ring + slot * g->width;
    j->stamp[slot] = turn;
    if (j->tag[slot] == iy) return d;
    j->tag[slot] = iy;
    for (t = 0; t < az->taps; t++) {
        const unsigned char *s = g->src.p +
                                 ((size_t)az->at[oz * az->taps + t] * g->src.sz + iy * g->src.sy) * size;
        j->ptr[t] = s;
        if (!g->comb) {
            mv__cv_run(j->conv + t * g->width, MEDVOL_F32, s, g->src.type, n, g->src.slope, g->src.inter, 0);
            j->ptr[t] = j->conv + t * g->width;
        }
    }
    if (g->comb) g->comb(d, j->ptr, az->w + oz * az->taps, az->taps, n);
    else MV__PICK(mv__rs_comb_f32)(d, j->ptr, az->w + oz * az->taps, az->taps, n);
    if (g->comb && g->scaled) MV__PICK(mv__rs_scale)(d, n, (float)g->src.slope, (float)g->src.inter);
    return d;
}
static void mv__rs_line(const mv__rs_sep *g, mv__rs_job *j, size_t oz, size_t oy, size_t turn) {
    const mv__rs_axis *ax = &g->ax[0], *ay = &g->ax[1], *az = &g->ax[2];
    size_t n = g->src.n[0], m = g->dst.n[0], t;
    unsigned char *to = g->dst.p + (oz * g->dst.sz + oy * g->dst.sy) * mv_dtype_size(g->dst.type);
    float *row = j->row + g->rows.left, *d = g->dst.type == MEDVOL_F32 ? mv__rs_where(g, j, to) : j->stage;
    if (oz < az->lo || oz >= az->hi || oy < ay->lo || oy >= ay->hi || ax->lo >= ax->hi)
        mv__rs_fill(d, m, g->value);
    else {
        for (t = 0; t < ay->taps; t++)
            j->yptr[t] = mv__rs_zrow(g, j, oz, (size_t)ay->at[oy * ay->taps + t], turn);
        if (mv__rs_plain(ay)) mv__memcpy(ax->same ? d : row, j->yptr[0], n * sizeof(float));
        else MV__PICK(mv__rs_comb_f32)(ax->same ? d : row, j->yptr, ay->w + oy * ay->taps, ay->taps, n);
        if (!ax->same) {
            for (t = 0; t < g->rows.left; t++) j->row[t] = row[g->rows.pad[t]];
            for (t = 0; t < g->rows.right; t++) row[n + t] = row[g->rows.pad[g->rows.left + t]];
            MV__PICK(mv__rs_x)(d, j->row, &g->rows.run);
            mv__rs_fill(d, ax->lo, g->value);
            mv__rs_fill(d + ax->hi, m - ax->hi, g->value);
        }
    }
    if (g->dst.type != MEDVOL_F32) mv__cv_run(to, g->dst.type, d, MEDVOL_F32, m, 1.0, 0.0, 0);
}
static void mv__rs_fill_raw(unsigned char *d, size_t n, const unsigned char *value, size_t size) {
    size_t i;
    for (i = 0; i < n; i++) mv__memcpy(d + i * size, value, size);
}
static void mv__rs_near_x(const mv__rs_sep *g, const unsigned char *src, const int32_t *row, unsigned char *d,
                          size_t size) {
    const mv__rs_axis *ax = &g->ax[0];
    size_t i;
    if (ax->same) mv__memcpy(d, src, ax->m * size);
    else if (size == 1) MV__PICK(mv__rs_pick_b1)(d, row, &g->rows.run);
    else if (size == 2) MV__PICK(mv__rs_pick_b2)(d, row, &g->rows.run);
    else if (size == 4) MV__PICK(mv__rs_pick_b4)(d, row, &g->rows.run);
    else if (size == 8)
        for (i = 0; i < ax->m; i++) mv__memcpy(d + i * 8, src + (size_t)ax->at[i] * 8, 8);
    else
        for (i = 0; i < ax->m; i++) mv__memcpy(d + i * size, src + (size_t)ax->at[i] * size, size);
    mv__rs_fill_raw(d, ax->lo, g->fill, size);
    mv__rs_fill_raw(d + ax->hi * size, ax->m - ax->hi, g->fill, size);
}
static void mv__rs_near_line(const mv__rs_sep *g, mv__rs_job *j, size_t oz, size_t oy) {
    const mv__rs_axis *ax = &g->ax[0], *ay = &g->ax[1], *az = &g->ax[2];
    size_t size = mv_dtype_size(g->src.type), n = g->src.n[0], m = g->dst.n[0];
    int same_type = g->src.type == g->dst.type;
    int out = oz < az->lo || oz >= az->hi || oy < ay->lo || oy >= ay->hi || ax->lo >= ax->hi;
    unsigned char *to = g->dst.p + (oz * g->dst.sz + oy * g->dst.sy) * mv_dtype_size(g->dst.type), *d = to;
    if (!same_type) d = (unsigned char *)j->stage;
    else if (size == 4) d = (unsigned char *)mv__rs_where(g, j, to);
    if (out) mv__rs_fill_raw(d, m, g->fill, size);
    else {
        size_t at = (size_t)az->at[oz] * g->src.sz + (size_t)ay->at[oy] * g->src.sy;
        const unsigned char *s = g->src.p + at * size;
        const int32_t *row = (const int32_t *)(const void *)j->row;
        /* where reading ahead stays in src; else a copy, which serves again if more rows come than src has */
        if (size == 4 && at + g->width <= g->room) row = (const int32_t *)(const void *)s;
        else if (!ax->same && size <= 4 && size != 3 && j->tag[0] != at) {
            if (size == 4) mv__memcpy(j->row, s, n * 4);
            else MV__PICK(mv__rs_widen)((int32_t *)(void *)j->row, s, size, n);
            j->tag[0] = at;
        }
        mv__rs_near_x(g, s, row, d, size);
    }
    if (!same_type) { /* what src's type cannot hold, dst's may */
        size_t ds = mv_dtype_size(g->dst.type), lo = out ? m : ax->lo, hi = out ? m : ax->hi;
        mv__cv_run(to, g->dst.type, d, g->src.type, m, g->src.slope, g->src.inter, 0);
        mv__rs_fill_raw(to, lo, g->fill_to, ds);
        mv__rs_fill_raw(to + hi * ds, m - hi, g->fill_to, ds);
    }
}
static void mv__rs_sep_job(void *arg, size_t job) {
    const mv__rs_sep *g = (const mv__rs_sep *)arg;
    unsigned char *s = g->scratch + job * g->bytes;
    size_t y0 = job % g->tiles * g->tile, y1 = mv__minz(g->dst.n[1], y0 + g->tile), z, y, k, turn = 0;
    size_t z0 = job / g->tiles * g->slab, z1 = mv__minz(g->dst.n[2], z0 + g->slab);
    mv__rs_job j;
    j.ring = (float *)(void *)s;
    j.row = (float *)(void *)(s + g->o_row);
    j.conv = (float *)(void *)(s + g->o_conv);
    j.stage = (float *)(void *)(s + g->o_stage);
    j.ptr = (const void **)(void *)(s + g->o_ptr);
    j.yptr = j.ptr + g->ax[2].taps;
    j.tag = (size_t *)(void *)(s + g->o_tag);
    j.stamp = j.tag + g->ring;
    j.to = NULL;
    j.held = 0;
    mv__memset(j.row, 0, g->width * sizeof(float)); /* what is read ahead must be numbers */
    for (k = 0; k < g->ring; k++) j.stamp[k] = 0;
    j.tag[0] = (size_t)-1;
    for (z = z0; z < z1; z++) {
        if (!g->nearest)
            for (k = 0; k < g->ring; k++) j.tag[k] = (size_t)-1;
        for (y = y0; y < y1; y++)
            if (g->nearest) mv__rs_near_line(g, &j, z, y);
            else mv__rs_line(g, &j, z, y, ++turn);
    }
    mv__rs_give(&j);
    MV__PICK(mv__rs_fence)();
}
/* Tiles: the source rows that one output row's neighbours need again stay in the caches; about 32 jobs a
   volume. */
static mv_status mv__rs_sep_plan(mv_ctx *ctx, mv__rs_sep *g) {
    const mv__rs_axis *ay = &g->ax[1], *az = &g->ax[2];
    size_t in, rows, jobs, at, total = 1;
    int generic = !g->comb && !g->nearest;
    in = az->taps * g->src.n[0] * sizeof(float);
    rows = mv__maxz(16, ((size_t)256 << 10) / mv__maxz(in, 1));
    g->tile = mv__maxz(1, (size_t)((double)rows * (double)ay->m / (double)ay->n));
    g->tile = mv__minz(mv__maxz(g->tile, 16), ay->m);
    g->tiles = mv__divup(ay->m, g->tile);
    g->tile = mv__divup(ay->m, g->tiles);
    g->tiles = mv__divup(ay->m, g->tile);
    if (!mv__mul(g->dst.n[0], ay->m, &total) || !mv__mul(total, az->m, &total)) total = (size_t)-1;
    jobs = mv__minz(32, total / ((size_t)64 << 10) + 1);
    g->slabs = mv__minz(az->m, mv__divup(jobs, g->tiles));
    g->slab = mv__divup(az->m, g->slabs);
    g->slabs = mv__divup(az->m, g->slab);
    g->ring = ay->taps;
    g->width = mv__maxz(g->rows.width, (g->src.n[0] + 15) & ~(size_t)15);
    g->stage = mv__maxz(2048, g->dst.n[0] + 16);
    at = (g->nearest ? 0 : g->ring * g->width) * sizeof(float);
    g->o_row = at;
    at += g->width * sizeof(float);
    g->o_conv = at;
    at += generic ? az->taps * g->width * sizeof(float) : 0;
    g->o_stage = at;
    at += (g->stage * (g->nearest ? mv__maxz(4, mv_dtype_size(g->src.type)) : 4) + 127) & ~(size_t)63;
    g->o_ptr = at;
    at += ((az->taps + ay->taps) * sizeof(void *) + 63) & ~(size_t)63;
    g->o_tag = at;
    at += (2 * g->ring * sizeof(size_t) + 63) & ~(size_t)63;
    g->bytes = at;
    if (!mv__mul(g->bytes, g->tiles * g->slabs, &at))
        return mv__fail(ctx, MEDVOL_E_SIZE, "shape", (double)at, -1,
                        "resample: the scratch rows are too large");
    return (g->scratch = (unsigned char *)mv__alloc(ctx, at)) ? MEDVOL_OK : MEDVOL_E_NOMEM;
}
static mv__rs_comb_fn mv__rs_comb_of(mv_dtype t) {
    switch (t) {
        case MEDVOL_F32: return MV__PICK(mv__rs_comb_f32);
        case MEDVOL_U8: return MV__PICK(mv__rs_comb_u8);
        case MEDVOL_I16: return MV__PICK(mv__rs_comb_i16);
        case MEDVOL_U16: return MV__PICK(mv__rs_comb_u16);
        default: return NULL;
    }
}
/* What is made is freed by mv__rs_sep_free, after a failure too; ax must outlive it. */
static mv_status mv__rs_sep_make(mv_ctx *ctx, mv__rs_sep *g, const mv__rs_view *dst, const mv__rs_view *src,
                                 const mv__rs_axis *ax, const mv__rs_ask *k, const unsigned char *fill,
                                 int nt) {
    mv_status st;
    mv__memset(g, 0, sizeof *g);
    g->src = *src;
    g->dst = *dst;
    g->ax = ax;
    g->nearest = k->interp == MEDVOL_NEAREST && fill != NULL; /* without: smoothing, in real values */
    if (g->nearest) {
        mv__memcpy(g->fill, fill, 32);
        mv__memcpy(g->fill_to, fill + 32, 32);
    }
    g->room = (src->n[2] - 1) * src->sz + (src->n[1] - 1) * src->sy + src->n[0];
    g->comb = mv__rs_comb_of(src->type);
    g->scaled = mv__scaled(src->slope, src->inter);
    g->value = (float)k->value;
    g->nt = nt && mv_dtype_size(dst->type) == 4 &&
            (dst->type == MEDVOL_F32 || (g->nearest && dst->type == src->type));
    st = mv__rs_rows_make(ctx, &g->rows, &ax[0], mv__rs_tap_border(k));
    return st < 0 ? st : mv__rs_sep_plan(ctx, g);
}
static mv_status mv__rs_sep_run(mv_ctx *ctx, mv__rs_sep *g, const char *op) {
    return mv_parallel_for(ctx, g->tiles * g->slabs, mv__rs_sep_job, g, op);
}
static void mv__rs_sep_free(mv_ctx *ctx, mv__rs_sep *g) {
    mv__free(ctx, g->scratch);
    mv__free(ctx, g->rows.w);
}

/* ---- an f32 copy of one volume: with a margin, filtered to B-spline coefficients, or both ---- */
typedef struct mv__rs_copy {
    mv__rs_view src, out;
    float *block, *data; /* data: voxel 0, 0, 0 */
    size_t margin, sy, sz, planes; /* planes a job */
    mv_border tap;
    mv__rs_pole pole[3];
    int filter[3];
} mv__rs_copy;
static void mv__rs_pole_make(mv__rs_pole *p, size_t n, int wrap) {
    const double z = sqrt(3.0) - 2.0;
    double zn = pow(z, (double)n), z2 = pow(z, 2.0 * ((double)n - 1.0));
    size_t k;
    p->n = n;
    p->wrap = wrap;
    p->nfirst = mv__minz(n, MV__RS_FIRST);
    p->pole = (float)z;
    p->gain = (float)(-6.0 * z);
    p->last = wrap ? p->gain : (float)(6.0 * z / (z * z - 1.0));
    for (k = 0; k < p->nfirst; k++) {
        double w = pow(z, (double)k);
        if (wrap) w /= 1.0 - zn;
        else if (n > 1) { /* the line and its mirror image, for ever */
            if (k > 0 && k < n - 1) w += pow(z, 2.0 * (double)n - 2.0 - (double)k);
            w /= 1.0 - z2;
        }
        p->first[k] = (float)w;
    }
}
static void mv__rs_copy_plane(void *arg, size_t job) {
    const mv__rs_copy *c = (const mv__rs_copy *)arg;
    size_t n = c->src.n[0], ny = c->src.n[1], size = mv_dtype_size(c->src.type), z, y, x;
    size_t lanes = MV__PICK(mv__rs_lanes)(), pad = (n + 15) & ~(size_t)15;
    for (z = job * c->planes; z < mv__minz(c->src.n[2], (job + 1) * c->planes); z++) {
        float *plane = c->data + z * c->sz;
        for (y = 0; y < ny; y++) {
            float *row = plane + y * c->sy;
            const unsigned char *s = c->src.p + (z * c->src.sz + y * c->src.sy) * size;
            if (c->src.type == MEDVOL_F32 && !mv__scaled(c->src.slope, c->src.inter))
                mv__memcpy(row, s, n * sizeof(float));
            else mv__cv_run(row, MEDVOL_F32, s, c->src.type, n, c->src.slope, c->src.inter, 0);
            if (c->filter[0] || c->filter[1]) mv__rs_fill(row + n, pad - n, 0.0f);
            if (c->filter[0] && (y + 1) % lanes == 0)
                MV__PICK(mv__rs_pre_x)(row - (lanes - 1) * c->sy, c->sy, &c->pole[0]);
        }
        if (c->filter[0] && ny % lanes) {
            for (y = ny; y % lanes; y++) mv__rs_fill(plane + y * c->sy, pad, 0.0f);
            MV__PICK(mv__rs_pre_x)(plane + ny / lanes * lanes * c->sy, c->sy, &c->pole[0]);
        }
        if (c->filter[1])
            for (x = 0; x < pad; x += 256)
                MV__PICK(mv__rs_pre_col)(plane + x, c->sy, mv__minz(256, pad - x), &c->pole[1]);
    }
}
static void mv__rs_copy_z(void *arg, size_t y) {
    const mv__rs_copy *c = (const mv__rs_copy *)arg;
    size_t pad = (c->src.n[0] + 15) & ~(size_t)15, x;
    for (x = 0; x < pad; x += 256)
        MV__PICK(mv__rs_pre_col)(c->data + y * c->sy + x, c->sz, mv__minz(256, pad - x), &c->pole[2]);
}
static void mv__rs_copy_margin(void *arg, size_t z) { /* x and y margins of a plane */
    const mv__rs_copy *c = (const mv__rs_copy *)arg;
    ptrdiff_t m = (ptrdiff_t)c->margin, n = (ptrdiff_t)c->src.n[0], ny = (ptrdiff_t)c->src.n[1], y, k;
    for (y = 0; y < ny; y++) {
        float *row = c->data + z * c->sz + (size_t)y * c->sy;
        for (k = 1; k <= m; k++) {
            row[-k] = row[mv__rs_map(c->tap, -k, (size_t)n)];
            row[n - 1 + k] = row[mv__rs_map(c->tap, n - 1 + k, (size_t)n)];
        }
    }
    for (k = 1; k <= m; k++) {
        float *plane = c->data + z * c->sz - m;
        size_t bytes = (size_t)(n + 2 * m) * sizeof(float);
        mv__memcpy(plane - (size_t)k * c->sy, plane + mv__rs_map(c->tap, -k, (size_t)ny) * c->sy, bytes);
        mv__memcpy(plane + (size_t)(ny - 1 + k) * c->sy,
                   plane + mv__rs_map(c->tap, ny - 1 + k, (size_t)ny) * c->sy, bytes);
    }
}
/* filter[]: which axes become B-spline coefficients. The block is the caller's to free. */
static mv_status mv__rs_copy_make(mv_ctx *ctx, mv__rs_copy *c, const mv__rs_view *src, const mv__rs_ask *k,
                                  size_t margin, const int *filter) {
    size_t rows, cells, bytes, r;
    mv__memset(c, 0, sizeof *c);
    c->src = *src;
    c->margin = margin;
    c->tap = mv__rs_tap_border(k);
    for (r = 0; r < 3; r++) {
        c->filter[r] = filter[r] && src->n[r] > 1;
        mv__rs_pole_make(&c->pole[r], src->n[r], k->border == MEDVOL_BORDER_WRAP);
    }
    c->sy = ((src->n[0] + 15) & ~(size_t)15) + ((2 * margin + 15) & ~(size_t)15);
    if (!mv__add(src->n[1], 2 * margin + 16, &rows) || !mv__mul(rows, c->sy, &c->sz) ||
        !mv__add(c->sz, 1024 + 272, &c->sz))
        return mv__fail(ctx, MEDVOL_E_SIZE, "src", (double)src->n[0], -1, "%s: src is too large for a copy",
                        k->op);
    /* planes start 17 cache lines apart modulo a page: columns along z use all sets */
    c->sz = (c->sz & ~(size_t)1023) + 272;
    if (!mv__mul(src->n[2] + 2 * margin, c->sz, &cells) || !mv__add(cells, 64, &cells) ||
        !mv__mul(cells, sizeof(float), &bytes))
        return mv__fail(ctx, MEDVOL_E_SIZE, "src", (double)src->n[2], -1, "%s: src is too large for a copy",
                        k->op);
    if ((c->block = (float *)mv__alloc(ctx, bytes)) == NULL) return MEDVOL_E_NOMEM;
    c->data = c->block + margin * (c->sz + c->sy + 1) + 16;
    c->planes = mv__divup(src->n[2], 64);
    c->out = *src;
    c->out.p = (unsigned char *)c->data;
    c->out.type = MEDVOL_F32;
    c->out.sy = c->sy;
    c->out.sz = c->sz;
    c->out.slope = 1.0;
    c->out.inter = 0.0;
    return MEDVOL_OK;
}
static mv_status mv__rs_copy_run(mv_ctx *ctx, mv__rs_copy *c, const char *op) {
    ptrdiff_t m = (ptrdiff_t)c->margin, z;
    size_t n = c->src.n[2], plane = (c->src.n[1] + 2 * c->margin - 1) * c->sy + c->src.n[0] + 2 * c->margin;
    mv_status st = mv_parallel_for(ctx, mv__divup(n, c->planes), mv__rs_copy_plane, c, op);
    if (st == MEDVOL_OK && c->filter[2]) st = mv_parallel_for(ctx, c->src.n[1], mv__rs_copy_z, c, op);
    if (st == MEDVOL_OK && m) st = mv_parallel_for(ctx, n, mv__rs_copy_margin, c, op);
    for (z = 1; st == MEDVOL_OK && z <= m; z++) {
        float *first = c->data - m * ((ptrdiff_t)c->sy + 1);
        mv__memcpy(first - (size_t)z * c->sz, first + mv__rs_map(c->tap, -z, n) * c->sz,
                   plane * sizeof(float));
        mv__memcpy(first + (n - 1 + (size_t)z) * c->sz,
                   first + mv__rs_map(c->tap, (ptrdiff_t)n - 1 + z, n) * c->sz, plane * sizeof(float));
    }
    return st;
}

/* ---- the general path: output row by row through the matrix ---- */
typedef struct mv__rs_gen {
    mv__rs_view src, dst; /* src of NEAREST: as it is; of the others: f32, read through v */
    mv__rs_src v;
    size_t margin;        /* of v: 0 or half the taps */
    const mv__rs_ask *k;
    double m[12];
    int nt, fast;
    unsigned char fill[64]; /* nearest: an element as src stores it, then as dst does */
    size_t ty, tz, tiles; /* tiles along y */
} mv__rs_gen;
/* One value by the letter of the rules: what the fast kernels leave out. */
static float mv__rs_one(const mv__rs_gen *g, const double *p) {
    size_t taps = mv__rs_taps(g->k), at[3][16], i, j, k;
    double w[3][16], sum = 0.0;
    mv_border tap = mv__rs_tap_border(g->k);
    ptrdiff_t m = (ptrdiff_t)g->margin;
    int r;
    for (r = 0; r < 3; r++) {
        double x = mv__rs_snap(mv__rs_fold(g->k->border, mv__rs_snap(p[r]), g->v.n[r])), whole = floor(x);
        size_t stride = r == 0 ? 1 : r == 1 ? g->v.sy : g->v.sz;
        mv__rs_weights(g->k, x - whole, w[r]);
        for (i = 0; i < taps; i++) { /* a margin holds what stands outside */
            ptrdiff_t t = (ptrdiff_t)whole - (ptrdiff_t)(taps / 2 - 1) + (ptrdiff_t)i;
            at[r][i] = m ? (size_t)(t + m) * stride : mv__rs_map(tap, t, g->v.n[r]) * stride;
        }
    }
    for (k = 0; k < taps; k++)
        for (j = 0; j < taps; j++) {
            const float *q = g->v.data - m * (ptrdiff_t)(1 + g->v.sy + g->v.sz) + (at[2][k] + at[1][j]);
            double s = 0.0;
            for (i = 0; i < taps; i++) s += w[0][i] * (double)q[at[0][i]];
            sum += w[2][k] * w[1][j] * s;
        }
    return (float)sum;
}
static size_t mv__rs_one_near(const mv__rs_gen *g, const double *p) { /* element index */
    size_t at = 0;
    int r;
    for (r = 0; r < 3; r++) {
        mv_border b = g->k->border;
        double x = mv__rint(mv__rs_fold(b, p[r], g->src.n[r]) + 1e-7);
        x = mv__rs_fold(b == MEDVOL_BORDER_WRAP ? b : MEDVOL_BORDER_EDGE, x, g->src.n[r]);
        at += (size_t)x * (r == 0 ? 1 : r == 1 ? g->src.sy : g->src.sz);
    }
    return at;
}
/* Outputs first..last-1 of a row whose positions lie within lo..n-1-lo on all axes: lo -0.5 is the volume's
   extent. */
static void mv__rs_inside(const mv__rs_gen *g, const double *at, const double *step, double low, size_t m,
                          size_t *first, size_t *last) {
    double a = 0.0, b = (double)m - 1.0;
    size_t i, j;
    int r;
    for (r = 0; r < 3; r++) {
        double lo = low - 1e-7, hi = (double)(g->src.n[r] - 1) - low + 1e-7, u, v;
        if (fabs(step[r]) * (double)m < 1e-9) {
            if (!(at[r] >= lo && at[r] <= hi)) b = -1.0;
            continue;
        }
        u = (lo - at[r]) / step[r];
        v = (hi - at[r]) / step[r];
        if (u > v) {
            double t = u;
            u = v;
            v = t;
        }
        a = u > a ? u : a;
        b = v < b ? v : b;
    }
    *first = *last = 0;
    if (!(a <= b + 1.0)) return; /* then settle the ends by the positions themselves */
    i = a < 1.0 ? 0 : mv__minz((size_t)a - 1, m);
    j = b < 0.0 ? 0 : mv__minz((size_t)b + 2, m);
#define MV__RS_IN(t, r) \
    (at[r] + (double)(t) * step[r] >= low - 1e-7 && \
     at[r] + (double)(t) * step[r] <= (double)(g->src.n[r] - 1) - low + 1e-7)
    while (i < j && !(MV__RS_IN(i, 0) && MV__RS_IN(i, 1) && MV__RS_IN(i, 2))) i++;
    while (j > i && !(MV__RS_IN(j - 1, 0) && MV__RS_IN(j - 1, 1) && MV__RS_IN(j - 1, 2))) j--;
#undef MV__RS_IN
    *first = i;
    *last = j;
}
static void mv__rs_fast(const mv__rs_gen *g, float *d, const double *p, const double *step, size_t n) {
    if (g->k->interp == MEDVOL_LINEAR) MV__PICK(mv__rs_lin)(d, &g->v, p, step, n);
    else MV__PICK(mv__rs_cub)(d, &g->v, p, step, n, g->k->interp == MEDVOL_CUBIC, (float)g->k->a);
}
/* Under MIRROR and WRAP a line is made of stretches on which the folded position runs straight: how many of n
   outputs from p on lie on one, and its start and step. 0: between the last voxel and the first. */
static size_t mv__rs_stretch(const mv__rs_gen *g, double *p, double *step, size_t n) {
    int r;
    for (r = 0; r < 3; r++) {
        double top = (double)(g->src.n[r] - 1), span = g->k->border == MEDVOL_BORDER_WRAP ? top + 1.0 : top,
               q, left;
        if (top == 0.0) {
            p[r] = step[r] = 0.0;
            continue;
        }
        q = floor(p[r] / span);
        p[r] -= q * span;
        if (p[r] > top) return 0;
        if (g->k->border == MEDVOL_BORDER_MIRROR && fmod(q, 2.0) != 0.0) {
            p[r] = span - p[r];
            step[r] = -step[r];
        }
        left = step[r] > 0.0 ? (top - p[r]) / step[r] : step[r] < 0.0 ? p[r] / -step[r] : (double)n;
        if (left < (double)n) n = (size_t)(left > 0.0 ? left : 0.0) + 1;
    }
    return n;
}
/* n real values of a row from output x on; a..b-1 of the row are for the fast kernels */
static void mv__rs_gen_values(const mv__rs_gen *g, float *d, const double *at, const double *step, size_t x,
                              size_t n, size_t a, size_t b) {
    size_t i, run, fa = a < x ? 0 : mv__minz(a - x, n), fb = b < x ? 0 : mv__minz(b - x, n);
    int r, constant = g->k->border == MEDVOL_BORDER_CONSTANT;
    for (i = 0; i < n; i += run) {
        double p[3], s[3];
        int in = 1;
        if (g->fast && constant && !(i >= fa && i < fb)) {
            run = (i < fa && fa < fb ? fa : n) - i;
            mv__rs_fill(d + i, run, (float)g->k->value);
            continue;
        }
        for (r = 0; r < 3; r++) {
            p[r] = at[r] + (double)(x + i) * step[r];
            s[r] = step[r];
            in = in && p[r] >= -0.5 - 1e-7 && p[r] <= (double)g->src.n[r] - 0.5 + 1e-7;
        }
        run = i >= fa && i < fb ? fb - i : 1;
        if (i >= fa && i < fb) mv__rs_fast(g, d + i, p, step, run);
        else if (constant && !in) d[i] = (float)g->k->value;
        else if (g->fast && (run = mv__rs_stretch(g, p, s, n - i)) > 0) mv__rs_fast(g, d + i, p, s, run);
        else {
            run = 1;
            for (r = 0; r < 3; r++) p[r] = at[r] + (double)(x + i) * step[r];
            d[i] = mv__rs_one(g, p);
        }
    }
}
static void mv__rs_gen_take(const mv__rs_gen *g, unsigned char *d, const int32_t *idx, size_t n) {
    size_t size = mv_dtype_size(g->src.type), i;
    switch (size) {
        case 1: MV__PICK(mv__rs_take_uint8_t)(d, g->src.p, idx, n, g->src.sy); break;
        case 2: MV__PICK(mv__rs_take_uint16_t)(d, g->src.p, idx, n, g->src.sy); break;
        case 4: MV__PICK(mv__rs_take_uint32_t)(d, g->src.p, idx, n, g->src.sy); break;
        case 8: MV__PICK(mv__rs_take_uint64_t)(d, g->src.p, idx, n, g->src.sy); break;
        default: for (i = 0; i < n; i++) mv__memcpy(d + i * size, g->src.p + (size_t)idx[i] * size, size);
    }
}
/* outside: where not NULL, which of them took the border's value */
static void mv__rs_gen_near(const mv__rs_gen *g, unsigned char *d, uint8_t *outside, const double *at,
                            const double *step, size_t x, size_t n, size_t a, size_t b) {
    int32_t idx[256 + 16];
    size_t size = mv_dtype_size(g->src.type), i, len, fa = a < x ? 0 : mv__minz(a - x, n),
           fb = b < x ? 0 : mv__minz(b - x, n);
    double p[3];
    int r;
    if (outside) mv__memset(outside, 0, n);
    for (i = 0; i < n; i += len) {
        len = 1;
        if (i >= fa && i < fb) {
            len = mv__minz(256, fb - i);
            MV__PICK(mv__rs_near)(idx, &g->v, at, step, x + i, len);
            mv__rs_gen_take(g, d + i * size, idx, len);
            continue;
        }
        for (r = 0; r < 3; r++) p[r] = at[r] + (double)(x + i) * step[r];
        r = 3;
        if (g->k->border == MEDVOL_BORDER_CONSTANT && g->fast) r = 0;
        else if (g->k->border == MEDVOL_BORDER_CONSTANT)
            for (r = 0; r < 3 && p[r] >= -0.5 - 1e-7 && p[r] <= (double)g->src.n[r] - 0.5 + 1e-7; r++) {}
        if (outside) outside[i] = r < 3;
        mv__memcpy(d + i * size, r < 3 ? g->fill : g->src.p + mv__rs_one_near(g, p) * size, size);
    }
}
static void mv__rs_gen_row(const mv__rs_gen *g, size_t y, size_t z) {
    unsigned char buffer[1024 * 4];
    uint8_t outside[1024];
    size_t ds = mv_dtype_size(g->dst.type), ss = mv_dtype_size(g->src.type), m = g->dst.n[0], a = 0, b = 0;
    size_t x, n, i, room;
    unsigned char *to = g->dst.p + (z * g->dst.sz + y * g->dst.sy) * ds;
    mv_border border = g->k->border;
    double at[3], step[3];
    int nearest = g->k->interp == MEDVOL_NEAREST, r,
        direct = nearest ? g->dst.type == g->src.type : g->dst.type == MEDVOL_F32;
    direct = direct && !g->nt;
    for (r = 0; r < 3; r++) {
        at[r] = g->m[4 * r + 1] * (double)y + g->m[4 * r + 2] * (double)z + g->m[4 * r + 3];
        step[r] = g->m[4 * r];
    }
    if (g->fast) {
        if (border == MEDVOL_BORDER_EDGE) b = m;
        else mv__rs_inside(g, at, step, border == MEDVOL_BORDER_CONSTANT ? -0.5 : 0.0, m, &a, &b);
    }
    room = nearest ? mv__minz(sizeof buffer / ss, 1024) : 1024;
    for (x = 0; x < m; x += n) {
        unsigned char *d = direct ? to + x * ds : buffer;
        n = direct ? m : mv__minz(room, m - x);
        if (nearest) mv__rs_gen_near(g, d, g->dst.type == g->src.type ? NULL : outside, at, step, x, n, a, b);
        else mv__rs_gen_values(g, (float *)(void *)d, at, step, x, n, a, b);
        if (direct) continue;
        if (g->nt)
            MV__PICK(mv__rs_flush)((float *)(void *)(to + x * ds), (const float *)(const void *)buffer, n);
        else if (nearest) { /* what src's type cannot hold, dst's may */
            mv__cv_run(to + x * ds, g->dst.type, buffer, g->src.type, n, g->src.slope, g->src.inter, 0);
            for (i = 0; i < n && g->dst.type != g->src.type; i++)
                if (outside[i]) mv__memcpy(to + (x + i) * ds, g->fill + 32, ds);
        }
        else mv__cv_run(to + x * ds, g->dst.type, buffer, MEDVOL_F32, n, 1.0, 0.0, 0);
    }
}
static void mv__rs_gen_job(void *arg, size_t job) {
    const mv__rs_gen *g = (const mv__rs_gen *)arg;
    size_t y0 = job % g->tiles * g->ty, z0 = job / g->tiles * g->tz, y, z;
    for (z = z0; z < mv__minz(g->dst.n[2], z0 + g->tz); z++)
        for (y = y0; y < mv__minz(g->dst.n[1], y0 + g->ty); y++) mv__rs_gen_row(g, y, z);
    MV__PICK(mv__rs_fence)();
}

/* ---- the way of one volume: smoothed or copied where need be, then through the rows or the matrix. Made
   once for all volumes of a series, so that nothing can be refused when the first voxel has been
   written. ---- */
typedef struct mv__rs_work {
    const mv__rs_ask *k;
    mv__rs_axis around[3]; /* taps of the smoothing */
    mv__rs_sep smooth, sep;
    float *smoothed;
    mv__rs_copy copy;
    mv__rs_gen gen;
    int general;
} mv__rs_work;
/* Smooth src where m shrinks: an f32 volume of the same shape, by the separable path with one tap. *src is
   then that volume. */
static mv_status mv__rs_smooth_make(mv_ctx *ctx, mv__rs_work *w, mv__rs_view *src, const double *sigma) {
    mv__rs_view out = *src;
    mv__rs_ask one = *w->k;
    mv_status st = MEDVOL_OK;
    size_t cells = src->n[0], bytes;
    int r;
    one.interp = MEDVOL_NEAREST;
    if (!mv__mul(cells, src->n[1], &cells) || !mv__mul(cells, src->n[2], &cells) ||
        !mv__mul(cells, sizeof(float), &bytes))
        return mv__fail(ctx, MEDVOL_E_SIZE, "src", (double)src->n[2], -1, "%s: src is too large for a copy",
                        one.op);
    for (r = 0; r < 3 && st == MEDVOL_OK; r++)
        st = mv__rs_axis_make(ctx, &w->around[r], &one, src->n[r], src->n[r], 0.0, 1.0, sigma[r]);
    if (st == MEDVOL_OK && (w->smoothed = (float *)mv__alloc(ctx, bytes)) == NULL) st = MEDVOL_E_NOMEM;
    out.p = (unsigned char *)w->smoothed;
    out.type = MEDVOL_F32;
    out.sy = src->n[0];
    out.sz = src->n[0] * src->n[1];
    out.slope = 1.0;
    out.inter = 0.0;
    if (st == MEDVOL_OK) st = mv__rs_sep_make(ctx, &w->smooth, &out, src, w->around, &one, NULL, 0);
    *src = out;
    return st;
}
static mv_status mv__rs_gen_make(mv_ctx *ctx, mv__rs_work *w, const mv__rs_view *dst, const mv__rs_view *src,
                                 const double *m, const unsigned char *fill, int nt) {
    static const int all[3] = {1, 1, 1}, none[3] = {0, 0, 0};
    const mv__rs_ask *k = w->k;
    mv__rs_gen *g = &w->gen;
    double sigma[3], reach;
    size_t total;
    mv_status st = MEDVOL_OK;
    int r, nearest = k->interp == MEDVOL_NEAREST;
    g->src = *src;
    g->dst = *dst;
    g->k = k;
    g->nt = nt && mv_dtype_size(dst->type) == 4 && dst->type == (nearest ? src->type : MEDVOL_F32);
    mv__memcpy(g->m, m, sizeof g->m);
    mv__memcpy(g->fill, fill, sizeof g->fill);
    for (r = 0; r < 3; r++) {
        g->v.n[r] = src->n[r];
        sigma[r] = mv__rs_sigma(k, mv__rs_step(m, r));
    }
    if (sigma[0] + sigma[1] + sigma[2] > 0.0) st = mv__rs_smooth_make(ctx, w, &g->src, sigma);
    g->margin = nearest || k->interp == MEDVOL_LINEAR ? 0 : mv__rs_taps(k) / 2;
    if (st == MEDVOL_OK && !nearest &&
        (g->margin || g->src.type != MEDVOL_F32 || mv__scaled(g->src.slope, g->src.inter))) {
        st = mv__rs_copy_make(ctx, &w->copy, &g->src, k, g->margin, k->interp == MEDVOL_CUBIC ? all : none);
        if (st == MEDVOL_OK) g->src = w->copy.out;
    }
    g->v.sy = g->src.sy;
    g->v.sz = g->src.sz;
    /* the fast kernels index with 31 bits and keep 64 positions in floats */
    g->fast =
        src->n[0] > 1 && mv__mul(g->src.sz, src->n[2] + 2 * g->margin + 1, &total) && total < 0x7fffffff;
    for (r = 0; r < 3; r++) {
        reach = fabs(m[4 * r]) * (double)dst->n[0] + fabs(m[4 * r + 1]) * (double)dst->n[1] +
                fabs(m[4 * r + 2]) * (double)dst->n[2] + fabs(m[4 * r + 3]);
        g->fast = g->fast && reach < 4194304.0 && fabs(m[4 * r]) < 1024.0;
    }
    g->fast = g->fast && k->interp != MEDVOL_LANCZOS;
    g->ty = mv__minz(dst->n[1], 16);
    g->tz = mv__minz(dst->n[2], 16);
    g->tiles = mv__divup(dst->n[1], g->ty);
    return st;
}
static void mv__rs_work_free(mv_ctx *ctx, mv__rs_work *w) {
    int r;
    for (r = 0; r < 3; r++) mv__rs_axis_free(ctx, &w->around[r]);
    mv__rs_sep_free(ctx, &w->smooth);
    mv__rs_sep_free(ctx, &w->sep);
    mv__free(ctx, w->smoothed);
    mv__free(ctx, w->copy.block);
}
/* src to dst, two volumes of the shape and type that w was made for */
static mv_status mv__rs_work_run(mv_ctx *ctx, mv__rs_work *w, unsigned char *dst, unsigned char *src) {
    const char *op = w->k->op;
    mv__rs_gen *g = &w->gen;
    mv_status st = MEDVOL_OK;
    if (w->smoothed) {
        w->smooth.src.p = src;
        src = (unsigned char *)w->smoothed;
        st = mv__rs_sep_run(ctx, &w->smooth, op);
    }
    if (st == MEDVOL_OK && w->copy.block) {
        w->copy.src.p = src;
        src = (unsigned char *)w->copy.data;
        st = mv__rs_copy_run(ctx, &w->copy, op);
    }
    if (st < 0) return st;
    if (!w->general) {
        w->sep.src.p = src;
        w->sep.dst.p = dst;
        return mv__rs_sep_run(ctx, &w->sep, op);
    }
    g->src.p = src;
    g->v.data = (const float *)(const void *)src;
    g->dst.p = dst;
    return mv_parallel_for(ctx, g->tiles * mv__divup(g->dst.n[2], g->tz), mv__rs_gen_job, g, op);
}

/* ---- the calls ---- */
typedef struct mv__rs_plan {
    size_t n[3], m[3];
    double t[12];  /* output voxel to input voxel */
    int diagonal;
} mv__rs_plan;
static mv_status mv__rs_check_shape(mv_ctx *ctx, const char *op, const char *name, const size_t *shape,
                                    int axes, size_t *out) {
    int r;
    for (r = 0; r < 3; r++) {
        out[r] = r < axes ? shape[r] : 1;
        if (out[r] == 0)
            return mv__fail(ctx, MEDVOL_E_SIZE, name, 0, -1, "%s: %s[%d] = 0: must be at least 1", op, name,
                            r);
        if (out[r] > (size_t)1 << 30)
            return mv__fail(ctx, MEDVOL_E_SIZE, name, (double)out[r], -1, "%s: %s[%d] = %zu: at most 2^30",
                            op, name, r, out[r]);
    }
    return MEDVOL_OK;
}
/* position of output 0 and step along an axis; ratio: the step a new spacing asks for */
static void mv__rs_rule(mv_grid rule, double n, double m, double ratio, double *o, double *s) {
    if (rule == MEDVOL_GRID_ALIGN_CORNERS && !(n > 1.0 && m > 1.0)) rule = MEDVOL_GRID_HALF_PIXEL;
    *s = rule == MEDVOL_GRID_HALF_PIXEL      ? n / m
         : rule == MEDVOL_GRID_ALIGN_CORNERS ? (n - 1.0) / (m - 1.0)
                                             : ratio;
    switch (rule) {
        case MEDVOL_GRID_CENTRE: *o = ((n - 1.0) - *s * (m - 1.0)) / 2.0; break;
        case MEDVOL_GRID_LOW_EDGE:
        case MEDVOL_GRID_HALF_PIXEL: *o = (*s - 1.0) / 2.0; break;
        default: *o = 0.0;
    }
}
/* a real value as v stores it */
static void mv__rs_element(unsigned char *e, double real, const mv_volume *v) {
    double slope, inter;
    mv__memset(e, 0, 32);
    if (!mv__is_real(v->dtype)) return;
    mv__vol_scaling(v, &slope, &inter);
    real = (real - inter) / slope;
    mv__cv_run(e, v->dtype, &real, MEDVOL_F64, 1, 1.0, 0.0, 0);
}
/* Type of the result. */
static mv_status mv__rs_type(mv_ctx *ctx, const mv__rs_ask *k, const mv_volume *dst, const mv_volume *src,
                             mv_dtype *type) {
    int nearest = k->interp == MEDVOL_NEAREST;
    *type = k->dtype != MEDVOL_NONE   ? k->dtype
            : dst->data && dst != src ? dst->dtype
            : nearest                 ? src->dtype
                                      : MEDVOL_F32;
    if (!mv__is_real(src->dtype) && !nearest)
        return mv__fail(ctx, MEDVOL_E_DTYPE, "src", (double)src->dtype, -1,
                        "%s: src has type %s: only NEAREST takes that", k->op, mv_dtype_name(src->dtype));
    if (*type != src->dtype && !(mv__is_real(*type) && mv__is_real(src->dtype)))
        return mv__fail(ctx, MEDVOL_E_DTYPE, "dtype", (double)*type, -1, "%s: from %s to %s: not defined",
                        k->op, mv_dtype_name(src->dtype), mv_dtype_name(*type));
    if (nearest && !mv__is_real(src->dtype) && k->border == MEDVOL_BORDER_CONSTANT && k->value != 0.0)
        return mv__fail(ctx, MEDVOL_E_DTYPE, "value", k->value, -1, "%s: value = %g: must be 0 for type %s",
                        k->op, k->value, mv_dtype_name(src->dtype));
    return MEDVOL_OK;
}
/* every volume of src, each in the same way */
static mv_status mv__rs_volumes(mv_ctx *ctx, const mv__rs_ask *k, const mv__rs_plan *p, const mv__rs_axis *ax,
                                const mv_volume *out, const mv_volume *src, size_t volumes,
                                const unsigned char *fill, int nt) {
    mv__rs_work w;
    mv__rs_view d, s;
    mv_status st = MEDVOL_OK;
    int filter[3], r;
    size_t i;
    mv__memset(&w, 0, sizeof w);
    w.k = k;
    w.general = !p->diagonal;
    mv__rs_view_of(&d, out, 0);
    mv__rs_view_of(&s, src, 0);
    if (w.general) st = mv__rs_gen_make(ctx, &w, &d, &s, p->t, fill, nt);
    else {
        for (r = 0; r < 3; r++) filter[r] = !ax[r].same;
        if (k->interp == MEDVOL_CUBIC) {
            st = mv__rs_copy_make(ctx, &w.copy, &s, k, 0, filter);
            s = w.copy.out;
        }
        if (st == MEDVOL_OK) st = mv__rs_sep_make(ctx, &w.sep, &d, &s, ax, k, fill, nt);
    }
    for (i = 0; i < volumes && st == MEDVOL_OK; i++) {
        mv__rs_view_of(&d, out, i);
        mv__rs_view_of(&s, src, i);
        st = mv__rs_work_run(ctx, &w, d.p, s.p);
    }
    mv__rs_work_free(ctx, &w);
    return st;
}
/* Slice timing belongs to slices that are still there, dim_info to axes that have not turned. */
static void mv__rs_header(mv_nifti *h, const mv__rs_plan *p, const mv__rs_axis *ax) {
    int axis = h ? h->dim_info >> 4 & 3 : 0;
    if (!h || (p->diagonal && ax[axis ? axis - 1 : 2].same)) return;
    h->slice_code = 0;
    h->slice_start = h->slice_end = 0;
    h->slice_duration = 0.0;
    if (!p->diagonal) h->dim_info = 0;
}
static mv_status mv__rs_run(mv_ctx *ctx, const mv__rs_ask *k, const mv__rs_plan *p, mv_volume *dst,
                            const mv_volume *src, const double *affine) {
    mv_volume out;
    mv__rs_axis ax[3];
    unsigned char fill[64]; /* the border's element as src stores it, then as the result does */
    size_t dim[7], volumes = 1;
    mv_dtype type;
    mv_status st;
    int ndim = src->ndim, d, same = p->diagonal, nt;
    if ((st = mv__rs_type(ctx, k, dst, src, &type)) < 0) return st;
    for (d = 0; d < 3; d++)
        if (p->m[d] > 1 && ndim <= d) ndim = d + 1;
    for (d = 0; d < ndim; d++) dim[d] = d < 3 ? p->m[d] : src->dim[d];
    for (d = 3; d < ndim; d++) volumes *= dim[d];
    if ((st = mv__out_begin(ctx, k->op, &out, dst, src, type, ndim, dim, 0)) < 0) return st;
    nt = mv__vol_extent(&out) > MV__NT_BYTES;
    mv__memcpy(out.affine, affine, sizeof out.affine);
    if (!(k->interp == MEDVOL_NEAREST && type == src->dtype)) out.slope = 1.0, out.inter = 0.0;
    mv__rs_element(fill, k->value, src);
    mv__rs_element(fill + 32, k->value, &out);
    mv__memset(ax, 0, sizeof ax);
    for (d = 0; d < 3 && st == MEDVOL_OK && p->diagonal; d++) {
        double s = p->m[d] > 1 ? p->t[5 * d] : 1.0; /* one voxel may be turned any way */
        st = mv__rs_axis_make(ctx, &ax[d], k, p->n[d], p->m[d], p->t[4 * d + 3], s,
                              mv__rs_sigma(k, p->m[d] > 1 ? s : mv__rs_step(p->t, d)));
        same = same && ax[d].same;
        if (st == MEDVOL_OK && ax[d].same && k->interp != MEDVOL_NEAREST) { /* one tap will do */
            mv__rs_ask one = *k;
            one.interp = MEDVOL_NEAREST;
            mv__rs_axis_free(ctx, &ax[d]);
            st = mv__rs_axis_make(ctx, &ax[d], &one, p->n[d], p->m[d], 0.0, 1.0, 0.0);
        }
    }
    if (st == MEDVOL_OK && same) { /* every voxel on a voxel: no arithmetic but the type's */
        double slope = 1.0, inter = 0.0;
        if (type != src->dtype || k->interp != MEDVOL_NEAREST) mv__vol_scaling(src, &slope, &inter);
        st = mv__cv_volume(ctx, &out, src, slope, inter);
    }
    mv__rs_header(out.nifti, p, ax);
    if (st == MEDVOL_OK && !same) st = mv__rs_volumes(ctx, k, p, ax, &out, src, volumes, fill, nt);
    st = mv__out_end(ctx, st, &out, dst);
    for (d = 0; d < 3; d++) mv__rs_axis_free(ctx, &ax[d]);
    return st;
}
/* What every call checks first; n: the source's three axes. */
static mv_status mv__rs_begin_call(mv_ctx *ctx, mv__rs_ask *k, mv__rs_plan *p, const char *op,
                                   const mv_volume *dst, const mv_volume *src, const mv_resample_opt *opt,
                                   mv_border border) {
    mv_status st = mv__vol_check(ctx, op, "src", src);
    if (st < 0) return st;
    if (!dst) return mv__fail_null(ctx, op, "dst");
    if ((st = mv__rs_ask_make(ctx, k, op, opt, border)) < 0) return st;
    return mv__rs_check_shape(ctx, op, "src dim", src->dim, src->ndim < 3 ? src->ndim : 3, p->n);
}
static mv_status mv__rs_scaled(mv_ctx *ctx, mv__rs_ask *k, mv__rs_plan *p, mv_volume *dst,
                               const mv_volume *src, const double *ratio) {
    double affine[12];
    int r;
    mv_affine_identity(p->t);
    p->diagonal = 1;
    for (r = 0; r < 3 && r < src->ndim; r++)
        mv__rs_rule(k->grid, (double)p->n[r], (double)p->m[r], ratio[r], &p->t[4 * r + 3], &p->t[5 * r]);
    mv_affine_mul(affine, src->affine, p->t);
    return mv__rs_run(ctx, k, p, dst, src, affine);
}
MEDVOL_DEF mv_status mv_resample_spacing(mv_ctx *ctx, mv_volume *dst, const mv_volume *src,
                                         const double *spacing, const mv_resample_opt *opt) {
    const char *op = "resample_spacing";
    mv__rs_ask k;
    mv__rs_plan p;
    double old[3], ratio[3];
    int r;
    mv_status st = mv__rs_begin_call(ctx, &k, &p, op, dst, src, opt, MEDVOL_BORDER_EDGE);
    if (st < 0) return st;
    if (!spacing) return mv__fail_null(ctx, op, "spacing");
    mv_spacing(src, old);
    for (r = 0; r < 3; r++) {
        double n = (double)p.n[r], m;
        p.m[r] = p.n[r];
        ratio[r] = 1.0;
        if (r >= src->ndim) continue;
        if (!(spacing[r] > 0.0 && mv__finite(spacing[r])))
            return mv__fail(ctx, MEDVOL_E_RANGE, "spacing", spacing[r], -1,
                            "%s: spacing[%d] = %g: must be above 0 and finite", op, r, spacing[r]);
        if (!(old[r] > 0.0 && mv__finite(old[r])))
            return mv__fail(ctx, MEDVOL_E_SINGULAR, "affine", old[r], -1,
                            "%s: src has spacing %g along axis %d", op, old[r], r);
        ratio[r] = spacing[r] / old[r];
        switch (k.shape) {
            case MEDVOL_SHAPE_CEIL: m = ceil(n / ratio[r] - 1e-6); break;
            case MEDVOL_SHAPE_MONAI: m = mv__rint((n - 1.0) / ratio[r] + 1.0); break;
            case MEDVOL_SHAPE_NIBABEL: m = ceil((n - 1.0) / ratio[r] - 1e-6) + 1.0; break;
            case MEDVOL_SHAPE_FLOOR: m = floor(n / ratio[r] + 1e-6); break;
            default: m = floor(n / ratio[r] + 0.5);
        }
        if (!(ratio[r] > 0.0 && m <= 1073741824.0))
            return mv__fail(ctx, MEDVOL_E_SIZE, "spacing", spacing[r], -1,
                            "%s: spacing[%d] = %g asks for %g voxels: at most 2^30", op, r, spacing[r], m);
        p.m[r] = m < 1.0 ? 1 : (size_t)m;
    }
    return mv__rs_scaled(ctx, &k, &p, dst, src, ratio);
}
MEDVOL_DEF mv_status mv_resample_shape(mv_ctx *ctx, mv_volume *dst, const mv_volume *src, const size_t *shape,
                                       const mv_resample_opt *opt) {
    const char *op = "resample_shape";
    mv__rs_ask k;
    mv__rs_plan p;
    double ratio[3];
    int r;
    mv_status st = mv__rs_begin_call(ctx, &k, &p, op, dst, src, opt, MEDVOL_BORDER_EDGE);
    if (st < 0) return st;
    if (!shape) return mv__fail_null(ctx, op, "shape");
    if ((st = mv__rs_check_shape(ctx, op, "shape", shape, src->ndim < 3 ? src->ndim : 3, p.m)) < 0) return st;
    for (r = 0; r < 3; r++) ratio[r] = (double)p.n[r] / (double)p.m[r];
    return mv__rs_scaled(ctx, &k, &p, dst, src, ratio);
}
/* p->t is set: sort out whether it only scales, then run. */
static mv_status mv__rs_matrix(mv_ctx *ctx, const mv__rs_ask *k, mv__rs_plan *p, mv_volume *dst,
                               const mv_volume *src, const double *affine) {
    double inverse[12];
    int r, c;
    for (r = 0; r < 12; r++)
        if (!mv__finite(p->t[r]))
            return mv__fail(ctx, MEDVOL_E_RANGE, "m", p->t[r], -1, "%s: m[%d] = %g: must be finite", k->op, r,
                            p->t[r]);
    if (mv_affine_invert(inverse, p->t) < 0)
        return mv__fail(ctx, MEDVOL_E_SINGULAR, "m", mv_affine_det(p->t), -1,
                        "%s: the matrix has determinant %g", k->op, mv_affine_det(p->t));
    p->diagonal = 1;
    for (r = 0; r < 3; r++)
        for (c = 0; c < 3; c++)
            if (r != c && fabs(p->t[4 * r + c]) * (double)(p->m[c] - 1) > 1e-7) p->diagonal = 0;
    return mv__rs_run(ctx, k, p, dst, src, affine);
}
MEDVOL_DEF mv_status mv_resample_like(mv_ctx *ctx, mv_volume *dst, const mv_volume *src,
                                      const mv_volume *grid, const mv_resample_opt *opt) {
    const char *op = "resample_like";
    mv__rs_ask k;
    mv__rs_plan p;
    double inverse[12];
    mv_status st = mv__rs_begin_call(ctx, &k, &p, op, dst, src, opt, MEDVOL_BORDER_CONSTANT);
    if (st < 0) return st;
    if (!grid) return mv__fail_null(ctx, op, "grid");
    if (!(grid->ndim >= 1 && grid->ndim <= 7))
        return mv__fail(ctx, MEDVOL_E_RANGE, "ndim", grid->ndim, -1, "%s: grid has ndim %d: must be 1..7", op,
                        grid->ndim);
    if ((st = mv__rs_check_shape(ctx, op, "grid dim", grid->dim, grid->ndim < 3 ? grid->ndim : 3, p.m)) < 0)
        return st;
    if (mv_affine_invert(inverse, src->affine) < 0)
        return mv__fail(ctx, MEDVOL_E_SINGULAR, "affine", mv_affine_det(src->affine), -1,
                        "%s: the affine of src has determinant %g", op, mv_affine_det(src->affine));
    mv_affine_mul(p.t, inverse, grid->affine);
    return mv__rs_matrix(ctx, &k, &p, dst, src, grid->affine);
}
MEDVOL_DEF mv_status mv_resample_affine(mv_ctx *ctx, mv_volume *dst, const mv_volume *src, const double *m,
                                        const size_t *shape, const mv_resample_opt *opt) {
    const char *op = "resample_affine";
    mv__rs_ask k;
    mv__rs_plan p;
    double affine[12];
    mv_status st = mv__rs_begin_call(ctx, &k, &p, op, dst, src, opt, MEDVOL_BORDER_CONSTANT);
    if (st < 0) return st;
    if (!m || !shape) return mv__fail_null(ctx, op, !m ? "m" : "shape");
    if ((st = mv__rs_check_shape(ctx, op, "shape", shape, 3, p.m)) < 0) return st;
    mv__memcpy(p.t, m, sizeof p.t);
    mv_affine_mul(affine, src->affine, m);
    return mv__rs_matrix(ctx, &k, &p, dst, src, affine);
}
/* Arrays: volumes of three axes around them. */
static mv_status mv__rs_wrap(mv_ctx *ctx, const char *op, mv_volume *d, mv_volume *s, float *dst,
                             const size_t *dst_shape, const float *src, const size_t *src_shape,
                             const mv_resample_opt *opt) {
    mv_status st;
    if (!dst || !src || !dst_shape || !src_shape)
        return mv__fail_null(ctx, op, !dst ? "dst" : !src ? "src" : !dst_shape ? "dst_shape" : "src_shape");
    if (opt && opt->dtype != MEDVOL_NONE && opt->dtype != MEDVOL_F32)
        return mv__fail(ctx, MEDVOL_E_DTYPE, "dtype", (double)opt->dtype, -1, "%s: dtype: arrays are f32",
                        op);
    if ((st = mv_volume_wrap(ctx, d, dst, MEDVOL_F32, 3, dst_shape, NULL)) < 0) return st;
    mv__vol_init(s, MEDVOL_F32, 3, src_shape);
    /* only read */
    s->data = (unsigned char *)dst + ((const unsigned char *)src - (const unsigned char *)dst);
    return MEDVOL_OK;
}
MEDVOL_DEF mv_status mv_resample_shape_f32(mv_ctx *ctx, float *dst, const size_t *dst_shape, const float *src,
                                           const size_t *src_shape, const mv_resample_opt *opt) {
    mv_volume d, s;
    mv_status st = mv__rs_wrap(ctx, "resample_shape_f32", &d, &s, dst, dst_shape, src, src_shape, opt);
    return st < 0 ? st : mv_resample_shape(ctx, &d, &s, dst_shape, opt);
}
MEDVOL_DEF mv_status mv_resample_affine_f32(mv_ctx *ctx, float *dst, const size_t *dst_shape,
                                            const float *src, const size_t *src_shape, const double *m,
                                            const mv_resample_opt *opt) {
    mv_volume d, s;
    mv_status st = mv__rs_wrap(ctx, "resample_affine_f32", &d, &s, dst, dst_shape, src, src_shape, opt);
    return st < 0 ? st : mv_resample_affine(ctx, &d, &s, m, dst_shape, opt);
}
#endif
#endif /* MEDVOL_NO_RESAMPLE */

/* ==== [FFT] plans, transforms of one to seven axes. Owns mv__ft_*. Uses [BASE] [CTX] [VOLUME]. Source:
   Cooley & Tukey 1965 (mixed radix), Bluestein 1970 (other lengths), Bailey 1990 (long lines). =========== */
#ifndef MEDVOL_NO_FFT
#ifdef MV__PASS
#if MV__PASS == 1 /* shared by all levels */
enum { MV__FT_PASSES = 32, MV__FT_ODD = 31 }; /* passes a line; the largest radix */
enum { MV__FT_LONG = 2048 };                   /* lines from here on are split, where they can be */
/* One length. Passes of decimation in frequency in place: frequency k is left at perm[k]. Where n has a large
   prime, the line is a convolution with a chirp (Bluestein), of m elements. */
typedef struct mv__ft_line {
    size_t n, m;
    int passes, chirped, half; /* half: of a real line of 2 n elements */
    int radix[MV__FT_PASSES];
    const uint32_t *perm;
    const void *twiddle;  /* pass after pass, (radix - 1) * m of each but the last */
    const void *odd;      /* cosines and sines of each odd radix */
    const void *chirp;    /* n */
    const void *spectrum; /* m, in the order of perm */
    const void *untangle; /* n + 1 */
    const void *twist;    /* n, of the line as rows x columns */
    size_t rows, columns; /* 0: not so */
    const uint32_t *natural;
    const struct mv__ft_line *first, *second; /* of rows elements, of columns elements */
} mv__ft_line;
/* How the elements of lines lie in memory, and where each belongs in the scratch. */
typedef struct mv__ft_side {
    const uint32_t *at;
    size_t n;             /* elements of a line in memory */
    ptrdiff_t step, lane; /* reals from an element, a line to the next */
    int real;             /* elements are real */
} mv__ft_side;
typedef struct mv__ft_stage {
    const mv__ft_line *line;
    mv__ft_side in, out;
    int inverse, from, to; /* places: 0 source, 1 destination, 2 work */
    double scale;
    size_t lanes, panel, panels; /* lines beside each other, so many at a time */
    size_t room;                 /* elements of the scratch for one line */
    int loops;                   /* over the other axes */
    size_t loop_n[7];
    ptrdiff_t loop_in[7], loop_out[7]; /* reals */
} mv__ft_stage;
#endif
#  define MV__REAL 32
#  include MEDVOL_SELF
#  undef MV__REAL
#  define MV__REAL 64
#  include MEDVOL_SELF
#  undef MV__REAL
#endif /* MV__PASS */
#endif
#endif /* what is read once a pass */

#ifdef MV__REAL /* the kernels, once for floats and once for doubles */
#  if MV__REAL == 32
#    define MV__R(word) mvf_##word
#    define mvr mvf
#    define mv__real float
#    define MV__RN MVF_N
#    define MV__KR(name) MV__JOIN(name##_f32, MV__SFX)
#  else
#    define MV__R(word) mvd_##word
#    define mvr mvd
#    define mv__real double
#    define MV__RN MVD_N
#    define MV__KR(name) MV__JOIN(name##_f64, MV__SFX)
#  endif
/* In the scratch an element is a vector of real and one of imaginary parts, a lane for each line. Lane l is
   line MV__FT_LANE(l) of a block, for so the words split and weave have them. */
#  if MV__RN == 1
#    define MV__FT_LANE(l) (0)
#  elif MV__REAL == 32
#    define MV__FT_LANE(l) ((l) % 4 < 2 ? (l) / 4 * 2 + (l) % 4 : MV__RN / 2 + (l) / 4 * 2 + (l) % 4 - 2)
#  else
#    define MV__FT_LANE(l) ((l) % 2 == 0 ? (l) / 2 : MV__RN / 2 + (l) / 2)
#  endif
static size_t MV__KR(mv__ft_width)(void) { return MV__RN; }

/* ---- butterflies: x real, y imaginary parts, in place; frequency k ends in x[k], y[k] ---- */
/* (x + iy) * (c + is) */
#  define MV__FT_MUL(x, y, c, s)                                         \
      do {                                                               \
          const mvr c_ = (c), s_ = (s), t_ = MV__R(mul)(x, s_);          \
          x = MV__R(nmad)(y, s_, MV__R(mul)(x, c_));                     \
          y = MV__R(mad)(y, c_, t_);                                     \
      } while (0)
MV__INLINE void MV__KR(mv__ft_two)(mvr *x, mvr *y) {
    const mvr a = x[0], b = y[0];
    x[0] = MV__R(add)(a, x[1]);
    y[0] = MV__R(add)(b, y[1]);
    x[1] = MV__R(sub)(a, x[1]);
    y[1] = MV__R(sub)(b, y[1]);
}
MV__INLINE void MV__KR(mv__ft_four)(mvr *x, mvr *y, int a, int b, int c, int d) {
    const mvr p = MV__R(add)(x[a], x[c]), pi = MV__R(add)(y[a], y[c]);
    const mvr q = MV__R(sub)(x[a], x[c]), qi = MV__R(sub)(y[a], y[c]);
    const mvr r = MV__R(add)(x[b], x[d]), ri = MV__R(add)(y[b], y[d]);
    const mvr s = MV__R(sub)(x[b], x[d]), si = MV__R(sub)(y[b], y[d]);
    x[a] = MV__R(add)(p, r);
    y[a] = MV__R(add)(pi, ri);
    x[b] = MV__R(add)(q, si);
    y[b] = MV__R(sub)(qi, s);
    x[c] = MV__R(sub)(p, r);
    y[c] = MV__R(sub)(pi, ri);
    x[d] = MV__R(sub)(q, si);
    y[d] = MV__R(add)(qi, s);
}
MV__INLINE void MV__KR(mv__ft_eight)(mvr *x, mvr *y) {
    const mvr h = MV__R(set1)(0.70710678118654752440);
    mvr r[8], i[8], t, u;
    int k;
    MV__KR(mv__ft_four)(x, y, 0, 2, 4, 6);
    MV__KR(mv__ft_four)(x, y, 1, 3, 5, 7);
    r[0] = MV__R(add)(x[0], x[1]);
    i[0] = MV__R(add)(y[0], y[1]);
    r[4] = MV__R(sub)(x[0], x[1]);
    i[4] = MV__R(sub)(y[0], y[1]);
    t = MV__R(add)(x[3], y[3]);
    u = MV__R(sub)(y[3], x[3]);
    r[1] = MV__R(mad)(t, h, x[2]);
    i[1] = MV__R(mad)(u, h, y[2]);
    r[5] = MV__R(nmad)(t, h, x[2]);
    i[5] = MV__R(nmad)(u, h, y[2]);
    r[2] = MV__R(add)(x[4], y[5]);
    i[2] = MV__R(sub)(y[4], x[5]);
    r[6] = MV__R(sub)(x[4], y[5]);
    i[6] = MV__R(add)(y[4], x[5]);
    t = MV__R(sub)(y[7], x[7]);
    u = MV__R(add)(x[7], y[7]);
    r[3] = MV__R(mad)(t, h, x[6]);
    i[3] = MV__R(nmad)(u, h, y[6]);
    r[7] = MV__R(nmad)(t, h, x[6]);
    i[7] = MV__R(mad)(u, h, y[6]);
    MV__UNROLL for (k = 0; k < 8; k++) {
        x[k] = r[k];
        y[k] = i[k];
    }
}
#  if MV__REAL == 32 /* of doubles too much code for what it gains */
MV__INLINE void MV__KR(mv__ft_sixteen)(mvr *x, mvr *y) { /* four by four */
    const double c = 0.92387953251128675613, s = 0.38268343236508977173, h = 0.70710678118654752440;
    const double re[10] = {1, c, h, s, 0, 0, -h, 0, 0, -c}, im[10] = {0, -s, -h, -c, -1, 0, -h, 0, 0, s};
    mvr r[16], i[16];
    int j, k;
    MV__UNROLL for (j = 0; j < 4; j++) MV__KR(mv__ft_four)(x, y, j, j + 4, j + 8, j + 12);
    MV__UNROLL for (j = 5; j < 16; j++) {
        k = j % 4 * (j / 4); /* the power of the root of order 16 */
        if (k == 4) {
            const mvr t = x[j];
            x[j] = y[j];
            y[j] = MV__R(sub)(MV__R(zero)(), t);
        } else if (k) MV__FT_MUL(x[j], y[j], MV__R(set1)(re[k]), MV__R(set1)(im[k]));
    }
    MV__UNROLL for (k = 0; k < 4; k++) MV__KR(mv__ft_four)(x, y, 4 * k, 4 * k + 1, 4 * k + 2, 4 * k + 3);
    MV__UNROLL for (k = 0; k < 16; k++) {
        r[k] = x[4 * (k % 4) + k / 4];
        i[k] = y[4 * (k % 4) + k / 4];
    }
    MV__UNROLL for (k = 0; k < 16; k++) {
        x[k] = r[k];
        y[k] = i[k];
    }
}
#  endif
/* Any odd length p: sums and differences of what stands opposite. w: p cosines, then p sines, of 2 pi k / p.
   Two of them: unrolled for p that the compiler knows, and not, for those up to MV__FT_ODD. */
#  define MV__FT_ODD_LENGTH(KIND, name, ROOM, UNROLL)                                                        \
      KIND void MV__KR(name)(mvr * x, mvr * y, int p, const mv__real *w) {                                   \
          mvr ar[ROOM], ai[ROOM], br[ROOM], bi[ROOM];                                                        \
          const mvr x0 = x[0], y0 = y[0];                                                                    \
          const int h = p / 2;                                                                               \
          int k, f, e;                                                                                       \
          UNROLL for (k = 1; k <= h; k++) {                                                                  \
              ar[k] = MV__R(add)(x[k], x[p - k]);                                                            \
              ai[k] = MV__R(add)(y[k], y[p - k]);                                                            \
              br[k] = MV__R(sub)(x[k], x[p - k]);                                                            \
              bi[k] = MV__R(sub)(y[k], y[p - k]);                                                            \
              x[0] = MV__R(add)(x[0], ar[k]);                                                                \
              y[0] = MV__R(add)(y[0], ai[k]);                                                                \
          }                                                                                                  \
          UNROLL for (f = 1; f <= h; f++) {                                                                  \
              mvr r = MV__R(mad)(ar[1], MV__R(set1)(w[f]), x0);                                              \
              mvr i = MV__R(mad)(ai[1], MV__R(set1)(w[f]), y0);                                              \
              mvr s = MV__R(mul)(bi[1], MV__R(set1)(w[p + f]));                                              \
              mvr t = MV__R(mul)(br[1], MV__R(set1)(w[p + f]));                                              \
              UNROLL for (k = 2; k <= h; k++) {                                                              \
                  e = f * k % p;                                                                             \
                  r = MV__R(mad)(ar[k], MV__R(set1)(w[e]), r);                                               \
                  i = MV__R(mad)(ai[k], MV__R(set1)(w[e]), i);                                               \
                  s = MV__R(mad)(bi[k], MV__R(set1)(w[p + e]), s);                                           \
                  t = MV__R(mad)(br[k], MV__R(set1)(w[p + e]), t);                                           \
              }                                                                                              \
              x[f] = MV__R(add)(r, s);                                                                       \
              y[f] = MV__R(sub)(i, t);                                                                       \
              x[p - f] = MV__R(sub)(r, s);                                                                   \
              y[p - f] = MV__R(add)(i, t);                                                                   \
          }                                                                                                  \
      }
MV__FT_ODD_LENGTH(MV__INLINE, mv__ft_odd, 4, MV__UNROLL)
/* cppcheck-suppress uninitvar ; p of each are given */
MV__FT_ODD_LENGTH(MV__NOINLINE, mv__ft_prime, MV__FT_ODD / 2 + 1, )
#  undef MV__FT_ODD_LENGTH

/* ---- passes: blocks of radix * m elements; element i of a butterfly stands i * m after the first, and is
   then multiplied by its root of order radix * m ---- */
#  define MV__FT_PASS(R, BUTTERFLY)                                                                          \
      static void MV__KR(mv__ft_pass##R)(mv__real * s, size_t n, size_t m, const mv__real *tw,               \
                                         const mv__real *odd) {                                              \
          const size_t step = m * 2 * MV__RN;                                                                \
          size_t g, j;                                                                                       \
          int k;                                                                                             \
          (void)odd;                                                                                         \
          MV__KNOWN(m > 0);                                                                                  \
          for (g = 0; g < n / m / R; g++, s += step * R) {                                                   \
              const mv__real *w = tw;                                                                        \
              for (j = 0; j < m; j++) {                                                                      \
                  mv__real *p = s + j * 2 * MV__RN;                                                          \
                  mvr x[R], y[R];                                                                            \
                  MV__UNROLL for (k = 0; k < R; k++) {                                                       \
                      x[k] = MV__R(load)(p + (size_t)k * step);                                              \
                      y[k] = MV__R(load)(p + (size_t)k * step + MV__RN);                                     \
                  }                                                                                          \
                  BUTTERFLY;                                                                                 \
                  if (m > 1) {                                                                               \
                      MV__UNROLL for (k = 1; k < R; k++, w += 2) MV__FT_MUL(                                 \
                          x[k], y[k], MV__R(set1)(w[0]), MV__R(set1)(w[1]));                                 \
                  }                                                                                          \
                  MV__UNROLL for (k = 0; k < R; k++) {                                                       \
                      MV__R(store)(p + (size_t)k * step, x[k]);                                              \
                      MV__R(store)(p + (size_t)k * step + MV__RN, y[k]);                                     \
                  }                                                                                          \
              }                                                                                              \
          }                                                                                                  \
      }
MV__FT_PASS(2, MV__KR(mv__ft_two)(x, y))
MV__FT_PASS(4, MV__KR(mv__ft_four)(x, y, 0, 1, 2, 3))
MV__FT_PASS(8, MV__KR(mv__ft_eight)(x, y))
#  if MV__REAL == 32
MV__FT_PASS(16, MV__KR(mv__ft_sixteen)(x, y))
#  endif
MV__FT_PASS(3, MV__KR(mv__ft_odd)(x, y, 3, odd))
MV__FT_PASS(5, MV__KR(mv__ft_odd)(x, y, 5, odd))
MV__FT_PASS(7, MV__KR(mv__ft_odd)(x, y, 7, odd))
#  undef MV__FT_PASS
static void MV__KR(mv__ft_pass_odd)(mv__real *s, size_t n, size_t m, size_t radix, const mv__real *tw,
                                    const mv__real *odd) {
    const size_t step = m * 2 * MV__RN;
    size_t g, j, k;
    MV__KNOWN(m > 0 && radix > 1);
    for (g = 0; g < n / m / radix; g++, s += step * radix) {
        const mv__real *w = tw;
        for (j = 0; j < m; j++) {
            mv__real *p = s + j * 2 * MV__RN;
            mvr x[MV__FT_ODD], y[MV__FT_ODD];
            for (k = 0; k < radix; k++) {
                x[k] = MV__R(load)(p + k * step);
                y[k] = MV__R(load)(p + k * step + MV__RN);
            }
            MV__KR(mv__ft_prime)(x, y, (int)radix, odd);
            for (k = 0; k < radix; k++) {
                if (m > 1 && k > 0) {
                    MV__FT_MUL(x[k], y[k], MV__R(set1)(w[0]), MV__R(set1)(w[1]));
                    w += 2;
                }
                MV__R(store)(p + k * step, x[k]);
                MV__R(store)(p + k * step + MV__RN, y[k]);
            }
        }
    }
}
static void MV__KR(mv__ft_passes)(mv__real *s, const mv__ft_line *line) {
    const mv__real *tw = (const mv__real *)line->twiddle, *odd = (const mv__real *)line->odd;
    size_t m = line->m, n = m;
    int k;
    for (k = 0; k < line->passes; k++) {
        const size_t r = (size_t)line->radix[k];
        MV__KNOWN(r > 1 && m >= r);
        m /= r;
        switch (r) {
            case 2: MV__KR(mv__ft_pass2)(s, n, m, tw, odd); break;
            case 4: MV__KR(mv__ft_pass4)(s, n, m, tw, odd); break;
            case 8: MV__KR(mv__ft_pass8)(s, n, m, tw, odd); break;
#  if MV__REAL == 32
            case 16: MV__KR(mv__ft_pass16)(s, n, m, tw, odd); break;
#  endif
            case 3: MV__KR(mv__ft_pass3)(s, n, m, tw, odd); break;
            case 5: MV__KR(mv__ft_pass5)(s, n, m, tw, odd); break;
            case 7: MV__KR(mv__ft_pass7)(s, n, m, tw, odd); break;
            default: MV__KR(mv__ft_pass_odd)(s, n, m, r, tw, odd); break;
        }
        if (m > 1) tw += 2 * (r - 1) * m;
        if (r % 2 != 0) odd += 2 * r;
    }
}
/* d[k] = s[from[k]] * w[k], k < n; swap: real and imaginary parts change places */
static void MV__KR(mv__ft_times)(mv__real *d, const mv__real *s, const uint32_t *from, const mv__real *w,
                                 size_t n, int swap) {
    size_t k;
    for (k = 0; k < n; k++, d += 2 * MV__RN) {
        const mv__real *p = s + 2 * MV__RN * (from ? from[k] : k);
        mvr x = MV__R(load)(p + (swap == 2 ? MV__RN : 0)), y = MV__R(load)(p + (swap == 2 ? 0 : MV__RN));
        MV__FT_MUL(x, y, MV__R(set1)(w[2 * k]), MV__R(set1)(w[2 * k + 1]));
        MV__R(store)(d, swap == 1 ? y : x);
        MV__R(store)(d + MV__RN, swap == 1 ? x : y);
    }
}
/* The line in s, in place, in the order of perm, or, chirped, in its own; t: as much room again. */
static void MV__KR(mv__ft_transform)(mv__real *s, mv__real *t, const mv__ft_line *line) {
    const size_t n = line->n, m = line->m;
    if (!line->chirped) {
        MV__KR(mv__ft_passes)(s, line);
        return;
    }
    MV__KR(mv__ft_times)(s, s, NULL, (const mv__real *)line->chirp, n, 0);
    mv__memset(s + 2 * MV__RN * n, 0, (m - n) * 2 * MV__RN * sizeof *s);
    MV__KR(mv__ft_passes)(s, line);
    /* and back, parts swapped */
    MV__KR(mv__ft_times)(t, s, line->perm, (const mv__real *)line->spectrum, m, 1);
    MV__KR(mv__ft_passes)(t, line);
    MV__KR(mv__ft_times)(s, t, line->perm, (const mv__real *)line->chirp, n, 2);
}

/* ---- lines into the scratch and out of it ---- */
static void MV__KR(mv__ft_load_columns)(mv__real *s, const mv__real *p, const mv__ft_side *m, size_t lanes,
                                        size_t room, int swap) {
    const size_t blocks = lanes / MV__RN, left = 2 * (lanes % MV__RN);
    const size_t re = swap ? MV__RN : 0, im = MV__RN - re;
    const ptrdiff_t ahead = (ptrdiff_t)(2 * lanes * sizeof *p);
    mv__real few[2 * MV__RN] = {0};
    size_t i, b, k;
    for (i = 0; i < m->n; i++, p += m->step) {
        mv__real *d = s + 2 * MV__RN * m->at[i];
        const mv__real *q = p;
        mvr x, y;
        for (b = 0; b < blocks; b++, d += room, q += 2 * MV__RN) {
            mv_prefetch2(mv__ahead(q, ahead)); /* the next panel's */
            mv_prefetch2(mv__ahead(q + MV__RN, ahead));
            MV__R(split)(MV__R(load)(q), MV__R(load)(q + MV__RN), &x, &y);
            MV__R(store)(d + re, x);
            MV__R(store)(d + im, y);
        }
        if (left) {
            for (k = 0; k < left; k++) few[k] = q[k];
            MV__R(split)(MV__R(load)(few), MV__R(load)(few + MV__RN), &x, &y);
            MV__R(store)(d + re, x);
            MV__R(store)(d + im, y);
        }
    }
}
static void MV__KR(mv__ft_store_columns)(mv__real *p, const mv__real *s, const mv__ft_side *m, size_t lanes,
                                         size_t room, int swap, double scale) {
    const size_t blocks = lanes / MV__RN, left = 2 * (lanes % MV__RN);
    const size_t re = swap ? MV__RN : 0, im = MV__RN - re;
    const mvr f = MV__R(set1)(scale);
    mv__real few[2 * MV__RN];
    size_t i, b, k;
    for (i = 0; i < m->n; i++, p += m->step) {
        const mv__real *d = s + 2 * MV__RN * m->at[i];
        mv__real *q = p;
        mvr x, y;
        for (b = 0; b < blocks; b++, d += room, q += 2 * MV__RN) {
            MV__R(weave)(MV__R(mul)(f, MV__R(load)(d + re)), MV__R(mul)(f, MV__R(load)(d + im)), &x, &y);
            MV__R(store)(q, x);
            MV__R(store)(q + MV__RN, y);
        }
        if (left) {
            MV__R(weave)(MV__R(mul)(f, MV__R(load)(d + re)), MV__R(mul)(f, MV__R(load)(d + im)), &x, &y);
            MV__R(store)(few, x);
            MV__R(store)(few + MV__RN, y);
            for (k = 0; k < left; k++) q[k] = few[k];
        }
    }
}
#  if MV__RN > 1
/* contiguous lines: blocks of MV__RN / 2 elements of as many lines as lanes are turned */
static void MV__KR(mv__ft_load_rows)(mv__real *s, const mv__real *p, const mv__ft_side *m, size_t lanes,
                                     int swap) {
    const size_t re = swap ? MV__RN : 0, im = MV__RN - re, most = 2 * m->n;
    const ptrdiff_t ahead = (ptrdiff_t)(MV__RN * sizeof *p) * m->lane;
    const mv__real *row[MV__RN];
    size_t i, j;
    int k;
    for (k = 0; k < MV__RN; k++)
        row[k] = p + (ptrdiff_t)mv__minz(MV__FT_LANE((size_t)k), lanes - 1) * m->lane;
    for (i = 0; i < most; i += MV__RN) {
        mvr t[MV__RN];
        const size_t n = mv__minz(MV__RN, most - i);
        if (n == MV__RN) {
            MV__UNROLL for (k = 0; k < MV__RN; k++) {
                mv_prefetch2(mv__ahead(row[k] + i, ahead)); /* the lines after these */
                t[k] = MV__R(load)(row[k] + i);
            }
        } else
            for (k = 0; k < MV__RN; k++) {
                mv__real few[MV__RN] = {0};
                for (j = 0; j < n; j++) few[j] = row[k][i + j];
                t[k] = MV__R(load)(few);
            }
        MV__R(transpose)(t);
        MV__UNROLL for (k = 0; k < MV__RN; k += 2) if ((size_t)k < n) {
            mv__real *d = s + 2 * MV__RN * m->at[(i + (size_t)k) / 2];
            MV__R(store)(d + re, t[k]);
            MV__R(store)(d + im, t[k + 1]);
        }
    }
}
static void MV__KR(mv__ft_store_rows)(mv__real *p, const mv__real *s, const mv__ft_side *m, size_t lanes,
                                      int swap, double scale) {
    const size_t re = swap ? MV__RN : 0, im = MV__RN - re, most = 2 * m->n;
    const mvr f = MV__R(set1)(scale);
    size_t i, j;
    int k;
    for (i = 0; i < most; i += MV__RN) {
        mvr t[MV__RN];
        const size_t n = mv__minz(MV__RN, most - i);
        MV__UNROLL for (k = 0; k < MV__RN; k += 2) {
            const mv__real *d = s + 2 * MV__RN * m->at[(i + ((size_t)k < n ? (size_t)k : 0)) / 2];
            t[k] = MV__R(mul)(f, MV__R(load)(d + re));
            t[k + 1] = MV__R(mul)(f, MV__R(load)(d + im));
        }
        MV__R(transpose)(t);
        if (n == MV__RN && lanes == MV__RN) {
            MV__UNROLL for (k = 0; k < MV__RN; k++)
                MV__R(store)(p + (ptrdiff_t)MV__FT_LANE((size_t)k) * m->lane + i, t[k]);
            continue;
        }
        for (k = 0; k < MV__RN; k++) {
            mv__real few[MV__RN];
            const size_t row = MV__FT_LANE((size_t)k);
            MV__R(store)(few, t[k]);
            for (j = 0; row < lanes && j < n; j++) p[(ptrdiff_t)row * m->lane + (ptrdiff_t)(i + j)] = few[j];
        }
    }
}
#  endif
/* any strides, by element; the imaginary part of a real element is the next one's, or 0 */
static void MV__KR(mv__ft_load_any)(mv__real *s, const mv__real *p, const mv__ft_side *m, size_t lanes,
                                    int swap, int pairs) {
    const size_t re = swap ? MV__RN : 0, im = MV__RN - re;
    const ptrdiff_t next = m->real ? m->step : 1, step = m->real && pairs ? 2 * m->step : m->step;
    size_t i, l;
    for (i = 0; i < m->n; i++, p += step)
        for (l = 0; l < MV__RN; l++) {
            mv__real *d = s + 2 * MV__RN * m->at[i] + l;
            const mv__real *q = p + (ptrdiff_t)mv__minz(MV__FT_LANE(l), lanes - 1) * m->lane;
            d[re] = q[0];
            d[im] = m->real && !pairs ? 0 : q[next];
        }
}
static void MV__KR(mv__ft_store_any)(mv__real *p, const mv__real *s, const mv__ft_side *m, size_t lanes,
                                     int swap, double scale, int pairs) {
    const size_t re = swap ? MV__RN : 0, im = MV__RN - re;
    const ptrdiff_t next = m->real ? m->step : 1, step = m->real && pairs ? 2 * m->step : m->step;
    size_t i, l;
    for (i = 0; i < m->n; i++, p += step)
        for (l = 0; l < MV__RN; l++) {
            const mv__real *d = s + 2 * MV__RN * m->at[i] + l;
            const size_t line = MV__FT_LANE(l);
            mv__real *q = p + (ptrdiff_t)line * m->lane;
            if (line + 1 > lanes) continue;
            q[0] = (mv__real)scale * d[re];
            if (!m->real || pairs) q[next] = (mv__real)scale * d[im];
        }
}
/* ---- real lines of even length: z[j] = x[2 j] + i x[2 j + 1], transformed, holds all of them ---- */
/* d[k] = 2 X[k], k = 0..n, of the n frequencies of z in s */
static void MV__KR(mv__ft_untangle)(mv__real *d, const mv__real *s, const mv__ft_line *line) {
    const mv__real *w = (const mv__real *)line->untangle;
    const size_t n = line->n;
    size_t k;
    for (k = 0; k <= n; k++, d += 2 * MV__RN) {
        const size_t a = k == n ? 0 : k, b = k == 0 ? 0 : n - k;
        const mv__real *p = s + 2 * MV__RN * (line->chirped ? a : line->perm[a]);
        const mv__real *q = s + 2 * MV__RN * (line->chirped ? b : line->perm[b]);
        const mvr px = MV__R(load)(p), py = MV__R(load)(p + MV__RN);
        const mvr qx = MV__R(load)(q), qy = MV__R(load)(q + MV__RN);
        mvr x = MV__R(add)(py, qy), y = MV__R(sub)(qx, px); /* of the odd elements */
        MV__FT_MUL(x, y, MV__R(set1)(w[2 * k]), MV__R(set1)(w[2 * k + 1]));
        MV__R(store)(d, MV__R(add)(MV__R(add)(px, qx), x));
        MV__R(store)(d + MV__RN, MV__R(add)(MV__R(sub)(py, qy), y));
    }
}
/* The way back: d[k], k < n, from s[0..n], parts swapped; what a real line has not is not looked at. */
static void MV__KR(mv__ft_tangle)(mv__real *d, mv__real *s, const mv__ft_line *line) {
    const mv__real *w = (const mv__real *)line->untangle;
    const size_t n = line->n;
    size_t k;
    MV__R(store)(s + MV__RN, MV__R(zero)());
    MV__R(store)(s + 2 * MV__RN * n + MV__RN, MV__R(zero)());
    for (k = 0; k < n; k++, d += 2 * MV__RN) {
        const mv__real *p = s + 2 * MV__RN * k, *q = s + 2 * MV__RN * (n - k);
        const mvr px = MV__R(load)(p), py = MV__R(load)(p + MV__RN);
        const mvr qx = MV__R(load)(q), qy = MV__R(load)(q + MV__RN);
        mvr x = MV__R(sub)(px, qx), y = MV__R(add)(py, qy);
        MV__FT_MUL(x, y, MV__R(set1)(w[2 * k]), MV__R(set1)(-w[2 * k + 1]));
        MV__R(store)(d + MV__RN, MV__R(sub)(MV__R(add)(px, qx), y));
        MV__R(store)(d, MV__R(add)(MV__R(sub)(py, qy), x));
    }
}
/* s[n - k] = conj(s[k]), parts swapped: the other half of a real line of odd length */
static void MV__KR(mv__ft_mirror)(mv__real *s, size_t n) {
    size_t k;
    MV__R(store)(s, MV__R(zero)());
    for (k = 1; 2 * k < n; k++) {
        const mv__real *p = s + 2 * MV__RN * k;
        mv__real *q = s + 2 * MV__RN * (n - k);
        MV__R(store)(q, MV__R(sub)(MV__R(zero)(), MV__R(load)(p)));
        MV__R(store)(q + MV__RN, MV__R(load)(p + MV__RN));
    }
}

/* ---- a panel of lines ---- */
static void MV__KR(mv__ft_get)(mv__real *s, const mv__real *src, const mv__ft_side *m, size_t lanes,
                               size_t room, int swap, int pairs) {
    if (!m->real && m->lane == 2) MV__KR(mv__ft_load_columns)(s, src, m, lanes, room, swap);
#  if MV__RN > 1
    else if (m->step == (m->real ? 1 : 2) && (!m->real || pairs))
        MV__KR(mv__ft_load_rows)(s, src, m, lanes, swap);
#  endif
    else MV__KR(mv__ft_load_any)(s, src, m, lanes, swap, pairs);
}
static void MV__KR(mv__ft_put)(mv__real *dst, const mv__real *s, const mv__ft_side *m, size_t lanes,
                               size_t room, int swap, double scale, int pairs) {
    if (!m->real && m->lane == 2) MV__KR(mv__ft_store_columns)(dst, s, m, lanes, room, swap, scale);
#  if MV__RN > 1
    else if (m->step == (m->real ? 1 : 2) && (!m->real || pairs))
        MV__KR(mv__ft_store_rows)(dst, s, m, lanes, swap, scale);
#  endif
    else MV__KR(mv__ft_store_any)(dst, s, m, lanes, swap, scale, pairs);
}
static void MV__KR(mv__ft_panel)(const mv__ft_stage *g, const void *src, void *dst, void *scratch,
                                 size_t lanes) {
    const mv__ft_line *line = g->line;
    const size_t room = 2 * MV__RN * g->room, blocks = mv__divup(lanes, MV__RN);
    const mv__real *p = (const mv__real *)src;
    mv__real *s = (mv__real *)scratch, *t = s + blocks * room, *q = (mv__real *)dst;
    size_t b;
    if (g->in.n < line->n) mv__memset(s, 0, blocks * room * sizeof *s);
    if (line->half && g->inverse) { /* one block, as below */
        MV__KR(mv__ft_get)(t, p, &g->in, lanes, room, 0, 1);
        MV__KR(mv__ft_tangle)(s, t, line);
    } else MV__KR(mv__ft_get)(s, p, &g->in, lanes, room, g->inverse, line->half);
    if (g->out.real && !line->half) MV__KR(mv__ft_mirror)(s, line->n);
    for (b = 0; b < blocks; b++) MV__KR(mv__ft_transform)(s + b * room, t, line);
    if (line->half && !g->inverse) {
        MV__KR(mv__ft_untangle)(t, s, line);
        s = t;
    }
    MV__KR(mv__ft_put)(q, s, &g->out, lanes, room, g->inverse, g->scale, line->half);
    mv_end();
}

/* ---- one long line, contiguous: rows x columns; transforms of the columns, turned by the roots of the
   whole, then of the rows, whose frequencies lie side by side ---- */
static void MV__KR(mv__ft_long_columns)(const mv__ft_stage *g, const void *src, void *turned, void *scratch,
                                        size_t from, size_t to) {
    const mv__ft_line *line = g->line, *sub = line->first;
    const size_t rows = line->rows, columns = line->columns, re = g->inverse ? MV__RN : 0, im = MV__RN - re;
    mv__real *s = (mv__real *)scratch, *d;
    const mv__real *p, *w;
    size_t c, r;
    mvr x, y, u, v;
    for (c = from; c < to; c += MV__RN) {
        p = (const mv__real *)src + 2 * c;
        for (r = 0; r < rows; r++, p += 2 * columns) {
            d = s + 2 * MV__RN * g->in.at[r];
            MV__R(split)(MV__R(load)(p), MV__R(load)(p + MV__RN), &x, &y);
            MV__R(store)(d + re, x);
            MV__R(store)(d + im, y);
        }
        MV__KR(mv__ft_passes)(s, sub);
        w = (const mv__real *)line->twist + 2 * c;
        d = (mv__real *)turned + 2 * c;
        for (r = 0; r < rows; r++, w += 2 * columns, d += 2 * columns) {
            x = MV__R(load)(s + 2 * MV__RN * sub->perm[r]);
            y = MV__R(load)(s + 2 * MV__RN * sub->perm[r] + MV__RN);
            MV__R(split)(MV__R(load)(w), MV__R(load)(w + MV__RN), &u, &v);
            MV__FT_MUL(x, y, u, v);
            MV__R(weave)(x, y, &u, &v);
            MV__R(store)(d, u);
            MV__R(store)(d + MV__RN, v);
        }
    }
    mv_end();
}
static void MV__KR(mv__ft_long_rows)(const mv__ft_stage *g, const void *turned, void *dst, void *scratch,
                                     size_t from, size_t to) {
    const mv__ft_line *line = g->line, *sub = line->second;
    mv__real *s = (mv__real *)scratch;
    mv__ft_side in, out;
    size_t r;
    mv__memset(&in, 0, sizeof in);
    in.at = line->natural;
    in.n = line->columns;
    in.step = 2;
    in.lane = 2 * (ptrdiff_t)line->columns;
    out = g->out;
    out.n = line->columns;
    out.step = 2 * (ptrdiff_t)line->rows;
    out.lane = 2;
    for (r = from; r < to; r += MV__RN) {
        MV__KR(mv__ft_get)(s, (const mv__real *)turned + 2 * r * line->columns, &in, MV__RN, 0, 0, 0);
        MV__KR(mv__ft_passes)(s, sub);
        MV__KR(mv__ft_put)((mv__real *)dst + 2 * r, s, &out, MV__RN, 0, g->inverse, g->scale, 0);
    }
    mv_end();
}
#  undef MV__FT_MUL
#  undef MV__FT_LANE
#  undef MV__R
#  undef mvr
#  undef mv__real
#  undef MV__RN
#  undef MV__KR
#endif /* MV__REAL */
#if defined(MV__OPEN) && !defined(MV__REAL)
#ifndef MEDVOL_NO_FFT
#ifndef MV__PASS
/* ---- tables: blocks of their own, chained ---- */
enum { MV__FT_LINES = 24, MV__FT_HEAD = 64, MV__FT_MOST = 1 << 28, MV__FT_PANEL = 1 << 18 };
#define MV__FT_ALONE 32768.0 /* elements: fewer are not worth a second thread */
typedef struct mv__ft_group { /* stages run one after the other on each box of the fast axes */
    int first, count, loops;  /* loops over the slow axes */
    size_t loop_n[7], boxes;
    ptrdiff_t loop_at[3][7]; /* reals, in each place */
} mv__ft_group;
typedef struct mv__ft_tables {
    mv__ft_line line[MV__FT_LINES];
    mv__ft_stage stage[7];
    mv__ft_group group[7];
    int lines, stages, groups, f64;
    size_t work;              /* bytes of intermediate results that the destination cannot hold */
    size_t in_bytes, out_bytes; /* from the first to the last element of either */
    int same;                 /* may work in place */
    void *chain;
} mv__ft_tables;
static void *mv__ft_take(mv_ctx *ctx, mv__ft_tables *t, size_t count, size_t size) {
    unsigned char *p;
    size_t bytes;
    if (!mv__mul(count, size, &bytes) || !mv__add(bytes, MV__FT_HEAD, &bytes)) bytes = (size_t)-1;
    if (!(p = (unsigned char *)mv__alloc(ctx, bytes))) return NULL;
    mv__memcpy(p, &t->chain, sizeof t->chain);
    t->chain = p;
    return p + MV__FT_HEAD;
}
static void mv__ft_release(mv_ctx *ctx, mv__ft_tables *t) {
    while (t->chain) {
        void *next;
        mv__memcpy(&next, t->chain, sizeof next);
        mv__free(ctx, t->chain);
        t->chain = next;
    }
}
static void mv__ft_put_root(void *p, int f64, size_t i, double c, double s) {
    if (f64) ((double *)p)[2 * i] = c, ((double *)p)[2 * i + 1] = s;
    else ((float *)p)[2 * i] = (float)c, ((float *)p)[2 * i + 1] = (float)s;
}
/* exp(-2 pi i e / n), e < n, with the angle folded into an eighth of the circle */
static void mv__ft_root(size_t e, size_t n, double *c, double *s) {
    const size_t eighth = (size_t)((double)e * 8.0 / (double)n);
    size_t k = eighth;
    double a, x, y;
    while (k > 0 && (double)k * (double)n > 8.0 * (double)e) k--; /* 53 bits hold 8 e of any line */
    a = (8.0 * (double)e - (double)k * (double)n) / (8.0 * (double)n);
    if (k & 1) a = 0.125 - a;
    x = cos(6.28318530717958647693 * a);
    y = sin(6.28318530717958647693 * a);
    if ((k + 1) & 2) { /* nearer to the other axis */
        double t = x;
        x = y;
        y = t;
    }
    *c = k >= 2 && k < 6 ? -x : x;
    *s = k < 4 ? -y : y;
}

/* ---- lines ---- */
static size_t mv__ft_rest(size_t n) { /* what is left when 2, 3, 5 and 7 are divided out */
    static const size_t prime[4] = {2, 3, 5, 7};
    int k;
    for (k = 0; k < 4; k++)
        while (n % prime[k] == 0) n /= prime[k];
    return n;
}
MEDVOL_DEF size_t mv_fft_good_size(size_t n, size_t multiple) {
    const size_t most = (size_t)-1;
    size_t want, best = 0, seven, five, three, m;
    if (multiple == 0) multiple = 1;
    want = mv__divup(n, multiple);
    for (seven = 1;; seven *= 7) { /* all products of these, each doubled until it is enough */
        for (five = seven;; five *= 5) {
            for (three = five;; three *= 3) {
                for (m = three; m < want && m <= most / 2;) m *= 2;
                if (m >= want && (best == 0 || m < best)) best = m;
                if (three >= want || three > most / 3) break;
            }
            if (five >= want || five > most / 5) break;
        }
        if (seven >= want || seven > most / 7) break;
    }
    return mv__mul(best, multiple, &m) ? m : 0;
}
/* Radices of n, the powers of two first; 0: it has a prime factor above MV__FT_ODD. */
static int mv__ft_factor(mv__ft_line *line, size_t n, int f64) {
    static const int radix[] = {16, 8, 4, 2, 7, 5, 3, 11, 13, 17, 19, 23, 29, 31};
    size_t k;
    line->passes = 0;
    for (k = 0; k < sizeof radix / sizeof *radix; k++)
        while (n % (size_t)radix[k] == 0) {
            if (radix[k] == 16 && (f64 || n == 32 || n == 64)) break; /* 8 x 4, 8 x 8: fewer instructions */
            line->radix[line->passes++] = radix[k];
            n /= (size_t)radix[k];
        }
    return n == 1;
}
static mv_status mv__ft_line_tables(mv_ctx *ctx, mv__ft_tables *t, mv__ft_line *line) {
    const size_t n = line->m, real = t->f64 ? 8 : 4;
    size_t m = n, twiddles = 0, odds = 0, i, j, k, at = 0;
    uint32_t *perm;
    void *tw, *odd;
    double c, s;
    int p;
    for (p = 0; p < line->passes; p++) {
        const size_t r = (size_t)line->radix[p];
        m /= r;
        if (m > 1) twiddles += (r - 1) * m;
        if (r % 2 != 0) odds += r;
    }
    perm = (uint32_t *)mv__ft_take(ctx, t, n, sizeof *perm);
    tw = mv__ft_take(ctx, t, 2 * twiddles, real);
    odd = mv__ft_take(ctx, t, 2 * odds, real);
    if (!perm || !tw || !odd) return MEDVOL_E_NOMEM;
    for (m = n, p = 0; p < line->passes; p++) {
        const size_t r = (size_t)line->radix[p], len = m;
        m /= r;
        for (j = 0; m > 1 && j < m; j++)
            for (i = 1; i < r; i++, at++) {
                mv__ft_root(i * j, len, &c, &s);
                mv__ft_put_root(tw, t->f64, at, c, s);
            }
    }
    for (at = 0, p = 0; p < line->passes; p++) {
        const size_t r = (size_t)line->radix[p];
        for (k = 0; r % 2 != 0 && k < r; k++) {
            mv__ft_root(k, r, &c, &s);
            if (t->f64) ((double *)odd)[at + k] = c, ((double *)odd)[at + r + k] = -s;
            else ((float *)odd)[at + k] = (float)c, ((float *)odd)[at + r + k] = (float)-s;
        }
        if (r % 2 != 0) at += 2 * r;
    }
    for (i = 0; i < n; i++) { /* the digits of a place, the other way round */
        size_t rest = i, frequency = 0, weight = 1;
        for (m = n, p = 0; p < line->passes; p++) {
            const size_t r = (size_t)line->radix[p];
            m /= r;
            MV__KNOWN(m > 0);
            frequency += rest / m * weight;
            rest %= m;
            weight *= r;
        }
        perm[frequency] = (uint32_t)i;
    }
    line->perm = perm;
    line->twiddle = tw;
    line->odd = odd;
    return MEDVOL_OK;
}
/* The chirp and the spectrum of its conjugate, by way of double. */
static mv_status mv__ft_chirp(mv_ctx *ctx, mv__ft_tables *t, mv__ft_line *line) {
    const size_t n = line->n, m = line->m, real = t->f64 ? 8 : 4;
    mv__ft_tables wide;
    mv__ft_line *w = &wide.line[0];
    void *chirp = mv__ft_take(ctx, t, 2 * n, real), *spectrum = mv__ft_take(ctx, t, 2 * m, real);
    double *b, c, s;
    size_t j, e = 0;
    mv_status st = MEDVOL_E_NOMEM;
    mv__memset(&wide, 0, sizeof wide);
    wide.f64 = 1;
    w->n = w->m = m;
    MV__KNOWN(n > 0);
    if (!chirp || !spectrum) return st;
    mv__ft_factor(w, m, 1);
    if (mv__ft_line_tables(ctx, &wide, w) == MEDVOL_OK &&
        (b = (double *)mv__ft_take(ctx, &wide, 2 * m, sizeof *b)) != NULL) {
        mv__memset(b, 0, 2 * m * sizeof *b);
        for (j = 0; j < n; j++) { /* e = j * j mod 2 n */
            mv__ft_root(e, 2 * n, &c, &s);
            mv__ft_put_root(chirp, t->f64, j, c, s);
            b[2 * j] = c;
            b[2 * j + 1] = -s;
            if (j) b[2 * (m - j)] = c, b[2 * (m - j) + 1] = -s;
            MV__KNOWN(2 * n > 0);
            e = (e + 2 * j + 1) % (2 * n);
        }
        mv__ft_passes_f64_scalar(b, w);
        for (j = 0; j < m; j++)
            mv__ft_put_root(spectrum, t->f64, j, b[2 * w->perm[j]] / (double)m,
                            b[2 * w->perm[j] + 1] / (double)m);
        line->chirp = chirp;
        line->spectrum = spectrum;
        st = MEDVOL_OK;
    }
    mv__ft_release(ctx, &wide);
    return st;
}
/* The line of n elements that the plan has, or a new one. */
static mv_status mv__ft_line_plain(mv_ctx *ctx, mv__ft_tables *t, size_t n, int half,
                                   const mv__ft_line **found) {
    mv__ft_line *line;
    mv_status st;
    int k;
    for (k = 0; k < t->lines; k++)
        if (t->line[k].n == n && t->line[k].half == half && t->line[k].rows == 0) {
            *found = &t->line[k];
            return MEDVOL_OK;
        }
    *found = line = &t->line[t->lines++];
    line->n = line->m = n;
    line->half = half;
    if (!mv__ft_factor(line, n, t->f64)) {
        line->chirped = 1;
        line->m = mv_fft_good_size(2 * n - 1, 1);
        mv__ft_factor(line, line->m, t->f64);
    }
    st = mv__ft_line_tables(ctx, t, line);
    if (st == MEDVOL_OK && line->chirped) st = mv__ft_chirp(ctx, t, line);
    if (st == MEDVOL_OK && half) {
        void *w = mv__ft_take(ctx, t, 2 * (n + 1), t->f64 ? 8 : 4);
        size_t i;
        double c, s;
        if (!w) return MEDVOL_E_NOMEM;
        for (i = 0; i <= n; i++) {
            mv__ft_root(i, 2 * n, &c, &s);
            mv__ft_put_root(w, t->f64, i, c, s);
        }
        line->untangle = w;
    }
    return st;
}
/* roots[r * columns + c] = exp(-2 pi i r c / n), from two short tables */
static mv_status mv__ft_long_make(mv_ctx *ctx, mv__ft_tables *t, mv__ft_line *line, size_t rows) {
    const size_t n = line->n, columns = n / rows, step = (size_t)sqrt((double)n);
    const size_t steps = mv__divup(n, step);
    uint32_t *natural = (uint32_t *)mv__ft_take(ctx, t, columns, sizeof *natural);
    void *twist = mv__ft_take(ctx, t, 2 * n, t->f64 ? 8 : 4);
    double *root = (double *)mv__alloc(ctx, 2 * (step + steps) * sizeof *root), c, s;
    const double *lo, *hi;
    size_t r, k, e;
    mv_status st = MEDVOL_E_NOMEM;
    MV__KNOWN(2 * (step + steps) * sizeof *root > 0);
    if (natural && twist && root) {
        lo = root, hi = root + 2 * step;
        for (k = 0; k < columns; k++) natural[k] = (uint32_t)k;
        for (k = 0; k < step + steps; k++) {
            e = k < step ? k : (k - step) * step;
            mv__ft_root(e, n, &root[2 * k], &root[2 * k + 1]);
        }
        for (r = 0; r < rows; r++)
            for (e = k = 0; k < columns; k++, e += r) {
                const double *a = lo + 2 * (e % step), *b = hi + 2 * (e / step);
                c = a[0] * b[0] - a[1] * b[1];
                s = a[0] * b[1] + a[1] * b[0];
                mv__ft_put_root(twist, t->f64, r * columns + k, c, s);
            }
        line->rows = rows;
        line->columns = columns;
        line->twist = twist;
        line->natural = natural;
        st = mv__ft_line_plain(ctx, t, rows, 0, &line->first);
        if (st == MEDVOL_OK) st = mv__ft_line_plain(ctx, t, columns, 0, &line->second);
    }
    mv__free(ctx, root);
    return st;
}
/* Rows of a line as a matrix, both sides multiples of 16; 0: it is none. */
static size_t mv__ft_split(size_t n) {
    size_t rows, best = 0;
    if (n < MV__FT_LONG || n % 256 != 0 || mv__ft_rest(n) != 1) return 0;
    for (rows = 16; rows * rows <= n; rows += 16)
        if (n % (16 * rows) == 0) best = rows;
    return best;
}
/* The same; a lengthy one is split where it can be. */
static mv_status mv__ft_line_find(mv_ctx *ctx, mv__ft_tables *t, size_t n, int half, int lengthy,
                                  const mv__ft_line **found) {
    const size_t rows = lengthy ? mv__ft_split(n) : 0;
    mv__ft_line *line;
    int k;
    if (!rows) return mv__ft_line_plain(ctx, t, n, half, found);
    for (k = 0; k < t->lines; k++)
        if (t->line[k].n == n && t->line[k].rows == rows) {
            *found = &t->line[k];
            return MEDVOL_OK;
        }
    *found = line = &t->line[t->lines++];
    line->n = line->m = n;
    return mv__ft_long_make(ctx, t, line, rows);
}

/* ---- stages ---- */
typedef struct mv__ft_array {
    size_t dim[7];
    ptrdiff_t stride[7]; /* reals */
    int real;
} mv__ft_array;
/* Where element i of a side belongs: n elements of a line of `length` lie in memory, from the first one on
   or, centred, about element length / 2, which counts as 0. place: the scratch's order, or NULL. */
static const uint32_t *mv__ft_places(mv_ctx *ctx, mv__ft_tables *t, size_t n, size_t length, int centred,
                                     const uint32_t *place) {
    uint32_t *at = (uint32_t *)mv__ft_take(ctx, t, n, sizeof *at);
    size_t i, k = centred ? length - n / 2 : 0; /* of element 0: length / 2 - n / 2 - length / 2 */
    for (i = 0; at && i < n; i++, k++) {
        if (k >= length) k -= length;
        at[i] = place ? place[k] : (uint32_t)k;
    }
    return at;
}
static mv_status mv__ft_stage_lines(mv_ctx *ctx, mv__ft_tables *t, mv__ft_stage *g, size_t length,
                                    size_t n_in, size_t n_out, int centred) {
    const int whole = n_in == length && n_out == length;
    const int half = (g->in.real || g->out.real) && length % 2 == 0;
    const int lengthy = whole && !g->in.real && !g->out.real && g->in.step == 2 && g->out.step == 2;
    const mv__ft_line *line;
    mv_status st = mv__ft_line_find(ctx, t, half ? length / 2 : length, half, lengthy, &line);
    if (st < 0) return st;
    g->line = line;
    g->room = mv__maxz(line->m, line->n + 1);
    if (line->rows) {
        g->room = mv__maxz(line->rows, line->columns);
        g->in.n = line->rows;
        g->out.n = line->columns;
        g->in.at = mv__ft_places(ctx, t, line->rows, line->rows, centred, NULL);
        g->out.at = mv__ft_places(ctx, t, line->columns, line->columns, centred, line->second->perm);
    } else {
        const uint32_t *order = line->chirped ? NULL : line->perm;
        g->in.n = half && !g->inverse ? line->n : n_in;
        g->out.n = half && g->inverse ? line->n : n_out;
        g->in.at = mv__ft_places(ctx, t, g->in.n, mv__maxz(line->n, g->in.n), centred, NULL);
        g->out.at = mv__ft_places(ctx, t, g->out.n, mv__maxz(line->n, g->out.n), centred,
                                  half && !g->inverse ? NULL : order);
    }
    if (g->room > (size_t)-1 / 4096) /* vectors of scratch: only of 32-bit machines */
        return mv__fail(ctx, MEDVOL_E_SIZE, "dim", (double)length, -1, "fft: a line of %zu is too long here",
                        length);
    if (half && !g->inverse) g->scale = 0.5;
    return g->in.at && g->out.at ? MEDVOL_OK : MEDVOL_E_NOMEM;
}
/* The lines of one axis of the box of axes up to `top`: lanes are those of a contiguous axis if there is one,
   joined with further axes where one stride goes on. */
static void mv__ft_stage_loops(mv__ft_stage *g, int axis, int top, const mv__ft_array *a,
                               const mv__ft_array *b) {
    int used[7] = {0}, d, lane = -1;
    used[axis] = 1;
    for (d = 0; d <= top; d++) {
        if (d == axis || a->dim[d] == 1) continue;
        if (lane < 0 || (a->stride[d] == 2 && b->stride[d] == 2)) lane = d;
    }
    g->lanes = 1;
    g->in.lane = g->out.lane = 2;
    if (lane >= 0) {
        g->in.lane = a->stride[lane];
        g->out.lane = b->stride[lane];
    }
    while (lane >= 0) {
        used[lane] = 1;
        g->lanes *= a->dim[lane];
        for (lane = -1, d = 0; d <= top && lane < 0; d++)
            if (!used[d] && a->dim[d] > 1 && a->stride[d] == g->in.lane * (ptrdiff_t)g->lanes &&
                b->stride[d] == g->out.lane * (ptrdiff_t)g->lanes)
                lane = d;
    }
    for (g->loops = d = 0; d <= top; d++) {
        if (used[d] || a->dim[d] == 1) continue;
        g->loop_n[g->loops] = a->dim[d];
        g->loop_in[g->loops] = a->stride[d];
        g->loop_out[g->loops++] = b->stride[d];
    }
}
typedef struct mv__ft_build {
    mv__ft_array place[3], now; /* source, destination, work; what there is */
    int axis[7], axes, nd;
    unsigned flags;
    const size_t *dim;
} mv__ft_build;
/* Stages s to e - 1, one after the other on each box of axes up to top. */
static mv_status mv__ft_group_make(mv_ctx *ctx, mv__ft_tables *t, mv__ft_build *b, int s, int e, int top) {
    mv__ft_group *g = &t->group[t->groups++];
    int k, d;
    mv_status st = MEDVOL_OK;
    t->stages = e;
    g->first = s;
    g->count = e - s;
    g->boxes = 1;
    for (d = top + 1; d < b->nd; d++) {
        if (b->now.dim[d] == 1) continue;
        g->loop_n[g->loops] = b->now.dim[d];
        g->boxes *= b->now.dim[d];
        for (k = 0; k < 3; k++) g->loop_at[k][g->loops] = b->place[k].stride[d];
        g->loops++;
    }
    for (k = s; k < e && st == MEDVOL_OK; k++) {
        mv__ft_stage *stage = &t->stage[k];
        const int axis = b->axis[k], last = k + 1 == b->axes;
        mv__ft_array from = b->now, *to = &b->place[1];
        const size_t n_in = b->now.dim[axis], n_out = to->dim[axis];
        int fits = !to->real;
        b->now.dim[axis] = n_out;
        for (d = 0; d < b->nd; d++) fits = fits && b->now.dim[d] <= to->dim[d];
        stage->from = k == 0 ? 0 : t->stage[k - 1].to;
        stage->to = last || fits ? 1 : 2;
        to = &b->place[stage->to];
        mv__memcpy(b->now.stride, to->stride, sizeof b->now.stride);
        b->now.real = last && to->real;
        stage->inverse = (b->flags & MEDVOL_FFT_INVERSE) != 0;
        stage->scale = 1.0;
        stage->in.real = from.real;
        stage->out.real = b->now.real;
        stage->in.step = from.stride[axis];
        stage->out.step = to->stride[axis];
        mv__ft_stage_loops(stage, axis, top, &from, to);
        st = mv__ft_stage_lines(ctx, t, stage, b->dim[axis], n_in, n_out,
                                (b->flags & MEDVOL_FFT_CENTERED) != 0);
    }
    return st;
}
#define MV__FT_BOX 1048576.0 /* bytes of a box that stages share: half of an L2 */
static mv_status mv__ft_groups_make(mv_ctx *ctx, mv__ft_tables *t, mv__ft_build *b) {
    int s = 0, e, k, d;
    mv_status st = MEDVOL_OK;
    while (s < b->axes && st == MEDVOL_OK) {
        int top = b->nd - 1, high = b->axis[s];
        for (e = s + 1, k = s + 1; k < b->axes; k++) {
            double bytes = t->f64 ? 16.0 : 8.0, boxes = 1.0;
            if (b->axis[k] > high) high = b->axis[k];
            for (d = 0; d < b->nd; d++) {
                const size_t n = mv__maxz(b->now.dim[d], b->place[1].dim[d]);
                if (d <= high) bytes *= (double)n;
                else boxes *= (double)n;
            }
            if (bytes > MV__FT_BOX || boxes < 4) break;
            e = k + 1;
            top = high;
        }
        if (e == s + 1) top = b->nd - 1;
        st = mv__ft_group_make(ctx, t, b, s, e, top);
        s = e;
    }
    return st;
}

/* ---- running: rounds of jobs, each with its own scratch and its share of the round's units ---- */
typedef struct mv__ft_run {
    const mv__ft_tables *t;
    const mv__ft_group *g;
    mv__ft_stage stage[7]; /* with panels of this level */
    unsigned char *place[3], *scratch, *turned;
    size_t bytes, first, each, units; /* of a job's scratch; of this round; in all */
    int phase;                        /* of a long line that all jobs share: 1 columns, 2 rows */
} mv__ft_run;
#define MV__FT_ROUND 1048576.0 /* elements of a job's round: some 5 ms */
static size_t mv__ft_width(int f64) {
    return f64 ? MV__PICK(mv__ft_width_f64)() : MV__PICK(mv__ft_width_f32)();
}
static ptrdiff_t mv__ft_offset(size_t i, int loops, const size_t *n, const ptrdiff_t *stride) {
    ptrdiff_t at = 0;
    int k;
    for (k = 0; k < loops; k++) {
        at += (ptrdiff_t)(i % n[k]) * stride[k];
        i /= n[k];
    }
    return at;
}
static size_t mv__ft_units(const mv__ft_stage *g) { /* panels in all */
    size_t n = g->panels;
    int k;
    for (k = 0; k < g->loops; k++) n *= g->loop_n[k];
    return n;
}
static void mv__ft_long(const mv__ft_run *r, const mv__ft_stage *g, const void *from, void *to, void *turned,
                        void *s, size_t first, size_t end, int phase) {
    if (phase == 1 && r->t->f64) MV__PICK(mv__ft_long_columns_f64)(g, from, turned, s, first, end);
    else if (phase == 1) MV__PICK(mv__ft_long_columns_f32)(g, from, turned, s, first, end);
    else if (r->t->f64) MV__PICK(mv__ft_long_rows_f64)(g, turned, to, s, first, end);
    else MV__PICK(mv__ft_long_rows_f32)(g, turned, to, s, first, end);
}
static void mv__ft_unit(const mv__ft_run *r, const mv__ft_stage *g, size_t box, size_t unit,
                        unsigned char *s) {
    const size_t real = r->t->f64 ? 8 : 4, first = unit % g->panels * g->panel;
    const size_t lanes = mv__minz(g->panel, g->lanes - first), loop = unit / g->panels;
    const ptrdiff_t in = (ptrdiff_t)first * g->in.lane +
        mv__ft_offset(loop, g->loops, g->loop_n, g->loop_in) +
        mv__ft_offset(box, r->g->loops, r->g->loop_n, r->g->loop_at[g->from]);
    const ptrdiff_t out = (ptrdiff_t)first * g->out.lane +
        mv__ft_offset(loop, g->loops, g->loop_n, g->loop_out) +
        mv__ft_offset(box, r->g->loops, r->g->loop_n, r->g->loop_at[g->to]);
    const unsigned char *from = r->place[g->from] + in * (ptrdiff_t)real;
    unsigned char *to = r->place[g->to] + out * (ptrdiff_t)real;
    if (g->line->rows) {
        unsigned char *turned = s + g->room * 2 * mv__ft_width(r->t->f64) * real;
        mv__ft_long(r, g, from, NULL, turned, s, 0, g->line->columns, 1);
        mv__ft_long(r, g, NULL, to, turned, s, 0, g->line->rows, 2);
    } else if (g->lanes == 1 && r->t->f64) mv__ft_panel_f64_scalar(g, from, to, s, 1);
    else if (g->lanes == 1) mv__ft_panel_f32_scalar(g, from, to, s, 1);
    else if (r->t->f64) MV__PICK(mv__ft_panel_f64)(g, from, to, s, lanes);
    else MV__PICK(mv__ft_panel_f32)(g, from, to, s, lanes);
}
static void mv__ft_job(void *arg, size_t job) {
    const mv__ft_run *r = (const mv__ft_run *)arg;
    const size_t begin = r->first + job * r->each, end = mv__minz(r->units, begin + r->each);
    unsigned char *s = r->scratch + job * r->bytes;
    const mv__ft_stage *g = &r->stage[r->g->first];
    size_t i, unit;
    int k;
    if (r->phase && begin < end)
        mv__ft_long(r, g, r->place[g->from], r->place[g->to], r->turned, s, 16 * begin, 16 * end, r->phase);
    for (i = begin; !r->phase && i < end; i++) {
        if (r->g->count == 1) mv__ft_unit(r, g, 0, i, s);
        else
            for (k = 0; k < r->g->count; k++)
                for (unit = 0; unit < mv__ft_units(g + k); unit++) mv__ft_unit(r, g + k, i, unit, s);
    }
}
/* All units of the group, in rounds; elements: of a unit. done, total: elements, for progress. */
static mv_status mv__ft_rounds(mv_ctx *ctx, mv__ft_run *r, size_t jobs, double elements, double *done,
                               double total) {
    mv_status st = MEDVOL_OK;
    MV__KNOWN(jobs > 0);
    r->each = mv__maxz(1, mv__minz((size_t)(MV__FT_ROUND / elements), mv__divup(r->units, jobs)));
    for (r->first = 0; r->first < r->units && st == MEDVOL_OK; r->first += jobs * r->each) {
        const size_t left = r->units - r->first;
        if (total >= MV__FT_ROUND && mv__progress(ctx, (size_t)*done, (size_t)total, "fft"))
            return mv__cancelled(ctx, "fft");
        st = mv_parallel_for(ctx, mv__minz(jobs, mv__divup(left, r->each)), mv__ft_job, r, NULL);
        *done += elements * (double)mv__minz(left, jobs * r->each);
    }
    return st;
}
/* Panels of a stage at this level, and its scratch in bytes. */
static size_t mv__ft_fit(mv__ft_stage *g, int f64) {
    const mv__ft_line *line = g->line;
    size_t width, block, blocks = 1;
    MV__KNOWN(line != NULL);
    width = g->lanes == 1 && !line->rows ? 1 : mv__ft_width(f64);
    block = g->room * 2 * width * (f64 ? 8 : 4);
    if (line->rows) {
        g->panel = 1;
        g->panels = g->lanes;
        return block + line->n * (f64 ? 16 : 8);
    }
    if (!g->in.real && !g->out.real && g->in.lane == 2 && g->out.lane == 2 && block < MV__FT_PANEL)
        blocks = mv__minz(4, MV__FT_PANEL / block);
    g->panel = mv__minz(g->lanes, blocks * width);
    MV__KNOWN(g->panel > 0 && width > 0);
    g->panels = mv__divup(g->lanes, g->panel);
    return block * (mv__divup(g->panel, width) + (line->chirped || line->half));
}

static mv_status mv__ft_group_run(mv_ctx *ctx, mv__ft_run *r, size_t jobs, double all, double *done,
                                  double total) {
    const mv__ft_group *g = r->g;
    const mv__ft_stage *stage = &r->stage[g->first];
    const size_t lines = mv__ft_units(stage);
    mv_status st = MEDVOL_OK;
    size_t i;
    MV__KNOWN(stage->line != NULL);
    r->phase = 0;
    r->units = g->count > 1 ? g->boxes : lines;
    if (!r->turned) return mv__ft_rounds(ctx, r, jobs, all * g->count / (double)r->units, done, total);
    for (i = 0; i < lines && st == MEDVOL_OK; i++) { /* few lines that are long: all jobs work on each */
        const ptrdiff_t real = r->t->f64 ? 8 : 4, loop = (ptrdiff_t)(i / stage->panels);
        const ptrdiff_t lane = (ptrdiff_t)(i % stage->panels);
        mv__ft_run one = *r;
        one.place[stage->from] += real * (lane * stage->in.lane +
            mv__ft_offset((size_t)loop, stage->loops, stage->loop_n, stage->loop_in));
        if (stage->from != stage->to)
            one.place[stage->to] += real * (lane * stage->out.lane +
                mv__ft_offset((size_t)loop, stage->loops, stage->loop_n, stage->loop_out));
        for (one.phase = 1; one.phase <= 2 && st == MEDVOL_OK; one.phase++) {
            one.units = (one.phase == 1 ? stage->line->columns : stage->line->rows) / 16;
            st = mv__ft_rounds(ctx, &one, jobs, 0.5 * (double)stage->line->n / (double)one.units, done,
                               total);
        }
    }
    return st;
}
static mv_status mv__ft_execute(mv_ctx *ctx, const mv__ft_tables *t, void *dst, const void *src,
                                double elements) {
    mv__ft_run r;
    size_t jobs[7] = {0}, bytes[7] = {0}, most = 0, turned = 0, all, threads = (size_t)mv_threads(ctx);
    double done = 0.0, total = elements * t->stages;
    unsigned char *block;
    mv_status st = MEDVOL_OK;
    int k, s;
    if (elements < MV__FT_ALONE) threads = 1;
    mv__memset(&r, 0, sizeof r);
    r.t = t;
    for (k = 0; k < t->stages; k++) r.stage[k] = t->stage[k];
    for (k = 0; k < t->groups; k++) {
        const mv__ft_group *g = &t->group[k];
        size_t lines = 0, need = 0;
        for (s = g->first; s < g->first + g->count; s++) {
            bytes[k] = mv__ft_fit(&r.stage[s], t->f64);
            need = mv__maxz(need, bytes[k]);
            lines = g->count > 1 ? g->boxes : mv__ft_units(&r.stage[s]);
        }
        s = g->first;
        MV__KNOWN(r.stage[s].line != NULL);
        jobs[k] = threads;
        if (r.stage[s].line->rows && g->count == 1 && lines < threads) {
            need -= r.stage[s].line->n * (t->f64 ? 16 : 8);
            turned = mv__maxz(turned, r.stage[s].line->n * (t->f64 ? 16 : 8));
        } else jobs[k] = mv__minz(threads, lines);
        bytes[k] = (need + 63) & ~(size_t)63;
        if (!mv__mul(bytes[k], jobs[k], &all)) all = (size_t)-1 - 64;
        most = mv__maxz(most, all);
    }
    most = (most + 63) & ~(size_t)63;
    if (!mv__add(most, turned, &all) || !mv__add(all, t->work, &all)) all = (size_t)-1;
    if (!(block = (unsigned char *)mv__alloc(ctx, all))) return MEDVOL_E_NOMEM;
    r.scratch = block;
    /* only read */
    r.place[0] = (unsigned char *)dst + ((const unsigned char *)src - (const unsigned char *)dst);
    r.place[1] = (unsigned char *)dst;
    r.place[2] = block + most + turned;
    for (k = 0; k < t->groups && st == MEDVOL_OK; k++) {
        const mv__ft_stage *stage = &r.stage[t->group[k].first];
        const int shared = stage->line->rows && t->group[k].count == 1 && mv__ft_units(stage) < threads;
        r.g = &t->group[k];
        r.bytes = bytes[k];
        r.turned = shared ? block + most : NULL;
        st = mv__ft_group_run(ctx, &r, jobs[k], elements, &done, total);
    }
    mv__free(ctx, block);
    if (st == MEDVOL_OK && total >= MV__FT_ROUND && mv__progress(ctx, (size_t)total, (size_t)total, "fft"))
        st = mv__cancelled(ctx, "fft");
    return st;
}

/* ---- plans ---- */
/* Strides in reals, of this order when none are given; the elements must not coincide. *bytes: from the first
   element to the end of the last. */
static mv_status mv__ft_array_init(mv_ctx *ctx, mv__ft_array *a, const char *name, int nd, const size_t *dim,
                                   const ptrdiff_t *stride, int real, int f64, size_t *bytes) {
    const size_t unit = real ? 1 : 2, size = f64 ? 8 : 4, most = ((size_t)-1 >> 1) / 16;
    size_t span = 1;
    int d, given = 0, used[7] = {0}, k;
    a->real = real;
    for (d = 0; d < nd; d++) given |= stride[d] != 0;
    for (d = 0; d < 7; d++) a->dim[d] = d < nd ? dim[d] : 1;
    for (k = 0; k < nd; k++) { /* from the smallest stride up */
        int at = k;
        for (d = 0; given && d < nd; d++)
            if (!used[d] && (used[at] || stride[d] < stride[at])) at = d;
        used[at] = 1;
        if (given && dim[at] > 1 && (stride[at] <= 0 || (size_t)stride[at] < span))
            return mv__fail(ctx, MEDVOL_E_RANGE, name, (double)stride[at], -1,
                            "fft: %s[%d] = %lld: elements must not coincide: at least %zu", name, at,
                            (long long)stride[at], span);
        if (dim[at] > 1 && !mv__mul(given ? (size_t)stride[at] : span, dim[at], &span)) span = most + 1;
        if (span > most)
            return mv__fail(ctx, MEDVOL_E_SIZE, "dim", (double)dim[at], -1, "fft: the array is too large");
        a->stride[at] = (ptrdiff_t)unit *
            (ptrdiff_t)(given && dim[at] > 1 ? (size_t)stride[at] : span / dim[at]);
    }
    for (*bytes = unit, d = 0; d < nd; d++) *bytes += (a->dim[d] - 1) * (size_t)a->stride[d];
    *bytes *= size;
    return MEDVOL_OK;
}
/* Fills what the caller left at 0 and refuses what cannot be. *low: the axis that is real on one side. */
static mv_status mv__ft_desc(mv_ctx *ctx, mv_fft_desc *d, int *low) {
    const int real = (d->flags & MEDVOL_FFT_REAL) != 0, inverse = (d->flags & MEDVOL_FFT_INVERSE) != 0;
    int k;
    if (d->dtype == MEDVOL_NONE) d->dtype = MEDVOL_C64;
    if (d->dtype != MEDVOL_C64 && d->dtype != MEDVOL_C128)
        return mv__fail(ctx, MEDVOL_E_DTYPE, "dtype", d->dtype, -1, "fft: type %s: must be c64 or c128",
                        mv_dtype_name(d->dtype));
    if (!(d->ndim >= 1 && d->ndim <= 7))
        return mv__fail(ctx, MEDVOL_E_RANGE, "ndim", d->ndim, -1, "fft: ndim = %d: must be 1..7", d->ndim);
    if (d->axes == 0) d->axes = (1u << d->ndim) - 1;
    if (d->axes >> d->ndim)
        return mv__fail(ctx, MEDVOL_E_RANGE, "axes", d->axes, -1, "fft: axes = %u: there are %d", d->axes,
                        d->ndim);
    if (d->flags & ~31u)
        return mv__fail(ctx, MEDVOL_E_RANGE, "flags", d->flags, -1, "fft: flags = %u: unknown ones",
                        d->flags);
    if ((d->flags & MEDVOL_FFT_UNITARY) && (d->flags & MEDVOL_FFT_SCALED))
        return mv__fail(ctx, MEDVOL_E_RANGE, "flags", d->flags, -1,
                        "fft: unitary and scaled exclude each other");
    if (real && (d->flags & MEDVOL_FFT_CENTERED))
        return mv__fail(ctx, MEDVOL_E_UNSUPPORTED, "flags", d->flags, -1,
                        "fft: real transforms are not centred");
    if (d->scale == 0.0) d->scale = 1.0;
    if (!mv__finite(d->scale))
        return mv__fail(ctx, MEDVOL_E_RANGE, "scale", d->scale, -1, "fft: scale = %g: must be finite",
                        d->scale);
    for (*low = 0; !(d->axes >> *low & 1u); ++*low) {}
    for (k = 0; k < d->ndim; k++) {
        size_t n = d->dim[k], *side[2];
        int s;
        side[0] = &d->in_dim[k];
        side[1] = &d->out_dim[k];
        if (!(n >= 1 && n <= MV__FT_MOST))
            return mv__fail(ctx, MEDVOL_E_SIZE, "dim", (double)n, -1, "fft: dim[%d] = %zu: must be 1..%zu",
                            k, n, (size_t)MV__FT_MOST);
        for (s = 0; s < 2; s++) {
            const int part = real && k == *low && s != inverse; /* the complex side of a real axis */
            const size_t whole = part ? n / 2 + 1 : n;
            if (*side[s] == 0) *side[s] = whole;
            if (*side[s] > whole || ((!(d->axes >> k & 1u) || (real && k == *low)) && *side[s] != whole))
                return mv__fail(ctx, MEDVOL_E_SHAPE, s ? "out_dim" : "in_dim", (double)*side[s], -1,
                                "fft: %s[%d] = %zu: must be %s%zu", s ? "out_dim" : "in_dim", k, *side[s],
                                *side[s] > whole ? "at most " : "", whole);
        }
    }
    return MEDVOL_OK;
}
static mv_status mv__ft_build_all(mv_ctx *ctx, mv__ft_tables *t, const mv_fft_desc *d, int low) {
    const int real = (d->flags & MEDVOL_FFT_REAL) != 0, inverse = (d->flags & MEDVOL_FFT_INVERSE) != 0;
    const ptrdiff_t none[7] = {0, 0, 0, 0, 0, 0, 0};
    double scale = d->scale;
    mv__ft_build b;
    size_t between[7];
    mv_status st;
    int k;
    mv__memset(&b, 0, sizeof b);
    b.nd = d->ndim;
    b.flags = d->flags;
    b.dim = d->dim;
    for (k = 0; k < d->ndim; k++) {
        between[k] = d->out_dim[k];
        if (!(d->axes >> k & 1u)) continue;
        b.axis[b.axes++] = k;
        if (k != low) between[k] = mv__maxz(between[k], d->in_dim[k]);
        else if (real && inverse) between[k] = d->in_dim[k]; /* comes last; in all others first */
        if (d->flags & MEDVOL_FFT_UNITARY) scale /= sqrt((double)d->dim[k]);
        if (d->flags & MEDVOL_FFT_SCALED) scale /= (double)d->dim[k];
    }
    for (k = 0; real && inverse && k < b.axes / 2; k++) { /* the real axis last */
        const int axis = b.axis[k];
        b.axis[k] = b.axis[b.axes - 1 - k];
        b.axis[b.axes - 1 - k] = axis;
    }
    st = mv__ft_array_init(ctx, &b.place[0], "in_stride", b.nd, d->in_dim, d->in_stride, real && !inverse,
                           t->f64, &t->in_bytes);
    if (st == MEDVOL_OK)
        st = mv__ft_array_init(ctx, &b.place[1], "out_stride", b.nd, d->out_dim, d->out_stride,
                               real && inverse, t->f64, &t->out_bytes);
    if (st == MEDVOL_OK)
        st = mv__ft_array_init(ctx, &b.place[2], "dim", b.nd, between, none, 0, t->f64, &t->work);
    if (st < 0) return st;
    b.now = b.place[0];
    st = mv__ft_groups_make(ctx, t, &b);
    if (st < 0) return st;
    t->stage[t->stages - 1].scale *= scale;
    for (t->same = !real, k = 0; k < d->ndim; k++)
        t->same = t->same && b.place[0].stride[k] == b.place[1].stride[k];
    for (k = 0; k < t->stages; k++)
        if (t->stage[k].to == 2) return MEDVOL_OK;
    t->work = 0;
    return MEDVOL_OK;
}
MEDVOL_DEF mv_status mv_fft_plan_init(mv_ctx *ctx, mv_fft_plan *plan, const mv_fft_desc *desc) {
    mv_fft_desc d;
    mv__ft_tables *t;
    mv_status st;
    int low;
    if (!plan || !desc) return mv__fail_null(ctx, "fft_plan_init", plan ? "desc" : "plan");
    mv__memset(plan, 0, sizeof *plan);
    d = *desc;
    if ((st = mv__ft_desc(ctx, &d, &low)) < 0) return st;
    if (!(t = (mv__ft_tables *)mv__alloc(ctx, sizeof *t))) return MEDVOL_E_NOMEM;
    mv__memset(t, 0, sizeof *t);
    t->f64 = d.dtype == MEDVOL_C128;
    if ((st = mv__ft_build_all(ctx, t, &d, low)) < 0) {
        mv__ft_release(ctx, t);
        mv__free(ctx, t);
        return st;
    }
    plan->desc = d;
    plan->tables = t;
    return MEDVOL_OK;
}
MEDVOL_DEF void mv_fft_plan_free(mv_ctx *ctx, mv_fft_plan *plan) {
    if (!plan) return;
    if (plan->tables) mv__ft_release(ctx, (mv__ft_tables *)plan->tables);
    mv__free(ctx, plan->tables);
    mv__memset(plan, 0, sizeof *plan);
}
MEDVOL_DEF mv_status mv_fft_plan_execute(mv_ctx *ctx, const mv_fft_plan *plan, void *dst, const void *src) {
    const mv__ft_tables *t;
    double elements = 1.0;
    int k;
    if (!plan || !dst || !src)
        return mv__fail_null(ctx, "fft_plan_execute", !plan ? "plan" : dst ? "src" : "dst");
    if (!(t = (const mv__ft_tables *)plan->tables))
        return mv__fail_null(ctx, "fft_plan_execute", "plan.tables");
    if (dst == src ? !t->same : mv__overlap(dst, t->out_bytes, src, t->in_bytes))
        return mv__fail(ctx, MEDVOL_E_ALIAS, "dst", 0, -1,
                        "fft_plan_execute: dst and src overlap%s",
                        dst == src ? ", their strides or types differ" : "");
    for (k = 0; k < plan->desc.ndim; k++) elements *= (double)plan->desc.dim[k];
    return mv__ft_execute(ctx, t, dst, src, elements);
}
#endif /* !MV__PASS */
#endif /* MEDVOL_NO_FFT */

/* ==== [END] close the pass, licence ================================================================== */
#ifdef MV__PASS
#  ifdef MEDVOL_EXTRA
#    include MEDVOL_EXTRA
#  endif
#  if defined(MV__X86) && MV__PASS >= 3
MV__UNTARGET
#  endif
#  undef MV__I
#  undef MV__S
#  undef mv_end
#  undef mv_fence
#  undef mv_prefetch
#  undef mv_prefetch2
#  undef mvd
#  undef mvd_add
#  undef mvd_div
#  undef mvd_eq
#  undef mvd_hi
#  undef mvd_hi_i
#  undef mvd_isnan
#  undef mvd_lo
#  undef mvd_lo_i
#  undef mvd_load
#  undef mvd_lt
#  undef mvd_max
#  undef mvd_min
#  undef mvd_mul
#  undef mvd_pow2
#  undef mvd_rev
#  undef mvd_round
#  undef mvd_sel
#  undef mvd_set1
#  undef mvd_sqrt
#  undef mvd_store
#  undef mvd_stream
#  undef mvd_sub
#  undef mvd_transpose
#  undef mvd_widen
#  undef mvd_zero
#  undef mvdm
#  undef mvf
#  undef mvf_abs
#  undef mvf_add
#  undef mvf_bits
#  undef mvf_div
#  undef mvf_eq
#  undef mvf_floor
#  undef mvf_fromi
#  undef mvf_gather
#  undef mvf_gather2
#  undef mvf_perm
#  undef mvf_perm2
#  undef mv4
#  undef mv4_load
#  undef mv4_mad
#  undef mv4_mul
#  undef mv4_set1
#  undef mv4_store
#  undef mv4_transpose
#  undef mvf_ge
#  undef mvf_gt
#  undef mvf_isnan
#  undef mvf_le
#  undef mvf_load
#  undef mvf_load_bf16
#  undef mvf_load_f16
#  undef mvf_loadn
#  undef mvf_lt
#  undef mvf_mad
#  undef mvf_max
#  undef mvf_min
#  undef mvf_mul
#  undef mvf_narrow
#  undef mvf_neg
#  undef mvf_nmad
#  undef mvf_rev
#  undef mvf_round
#  undef mvf_sel
#  undef mvf_set1
#  undef mvf_sqrt
#  undef mvf_store
#  undef mvf_store_bf16
#  undef mvf_store_f16
#  undef mvf_storen
#  undef mvf_stream
#  undef mvf_sub
#  undef mvf_transpose
#  undef mvf_split
#  undef mvf_weave
#  undef mvd_split
#  undef mvd_weave
#  undef mvd_mad
#  undef mvd_nmad
#  undef mvf_zero
#  undef mvi
#  undef mvi_add
#  undef mvi_and
#  undef mvi_asf
#  undef mvi_eq
#  undef mvi_gt
#  undef mvi_iota
#  undef mvi_load
#  undef mvi_load_i16
#  undef mvi_load_i8
#  undef mvi_load_u16
#  undef mvi_load_u8
#  undef mvi_max
#  undef mvi_min
#  undef mvi_mul
#  undef mvi_narrow
#  undef mvi_or
#  undef mvi_round
#  undef mvi_sel
#  undef mvi_set1
#  undef mvi_sll
#  undef mvi_sra
#  undef mvi_srl
#  undef mvi_pack_i16
#  undef mvi_pack_i8
#  undef mvi_pack_u16
#  undef mvi_pack_u8
#  undef mvi_store
#  undef mvi_stream
#  undef mvi_store_i16
#  undef mvi_store_i8
#  undef mvi_store_u16
#  undef mvi_store_u8
#  undef mvi_sub
#  undef mvi_trunc
#  undef mvi_xor
#  undef mvm
#  undef mvm_and
#  undef mvm_bits
#  undef mvm_not
#  undef mvm_or
#  undef MV__SFX
#  undef MVF_N
#  undef MVD_N
#  undef MV__PASS
#else
#  undef MV__OPEN
#  if defined(__clang__)
#    ifdef __i386__
MV__UNTARGET
#    endif
#    pragma clang diagnostic pop
#  elif defined(__GNUC__)
#    pragma GCC pop_options
#    pragma GCC diagnostic pop
#  endif
#endif
#endif /* MEDVOL_IMPLEMENTATION */
/*
This software is available under two licences; choose the one you prefer.

ALTERNATIVE A - MIT No Attribution (MIT-0)
Copyright (c) 2026 the medvol authors
Permission is hereby granted, free of charge, to any person obtaining a copy of this software and associated
documentation files (the "Software"), to deal in the Software without restriction, including without
limitation the rights to use, copy, modify, merge, publish, distribute, sublicense, and/or sell copies of the
Software, and to permit persons to whom the Software is furnished to do so.
THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT NOT LIMITED
TO THE WARRANTIES OF MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL
THE AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION OF
CONTRACT, TORT OR OTHERWISE, ARISING FROM, OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER
DEALINGS IN THE SOFTWARE.

ALTERNATIVE B - Public Domain (www.unlicense.org)
The authors dedicate any and all copyright interest in this software to the public domain. Anyone is free to
copy, modify, publish, use, compile, sell or distribute it, in source or binary form, for any purpose,
commercial or not, by any means. The disclaimer of warranty and liability above applies to this alternative
too.
*/
