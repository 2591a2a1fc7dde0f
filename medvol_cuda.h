/* medvol_cuda.h - v0.2.0 - the operations of medvol.h on an NVIDIA GPU - public domain or MIT-0, see [END]
   ==== [INTRO] ===========================================================================================
   Volumes live in device memory through a whole pipeline; calls have the names of medvol.h with mv_cuda_ in
   front, the same order of parameters, the same options. Everything is enqueued on the context's stream and
   may be captured in a graph; a call waits only where its text says so. No library but the CUDA runtime.

   QUICK START
     In ONE .cu file:    #define MEDVOL_CUDA_IMPLEMENTATION
                         #include "medvol_cuda.h"
     Everywhere else, C99 or C++11, without any CUDA header:   #include "medvol_cuda.h"
     Build:              nvcc -O2 -c medvol_cuda.cu; cc program.c medvol.o medvol_cuda.o -lcudart -lstdc++ -lm
     Beside it, the implementation of medvol.h is linked.

       mv_cuda_ctx gpu = {0};                                  {0}: the current device, a stream of its own
       mv_cuda_volume d = {0};
       mv_cuda_upload(&gpu, &d, &t1, MEDVOL_F32, NULL);        any type; converted on the device
       mv_cuda_znorm(&gpu, &d, &d, &(mv_znorm_opt){ .nonzero = 1 });
       mv_cuda_clamp(&gpu, &d, &d, -4, 4);
       mv_cuda_download(&gpu, &t1, &d, MEDVOL_NONE, NULL);     waits: t1 is there
       if (mv_cuda_sync(&gpu) < 0) puts(mv_cuda_message(&gpu));
       mv_cuda_volume_free(&gpu, &d);
       mv_cuda_ctx_free(&gpu);

   CONTENTS (search the tag)
     [INTRO]      this page
     [API]        every public declaration: the manual
     [BASE]       compilers, launches, packed accesses, types, messages
     [CTX]        context, stream, workspace, graphs, errors
     [VOLUME]     device volumes, destinations, conversion, transfers
     [STATS]      moments in two stages, masks, layouts
     [INTENSITY]  statistics, percentiles, histograms, z-norm, rescale, clamp, gamma, threshold
     [SPATIAL]    crop, pad, flip, permute, reorient, rotate by 90 degrees
     [RESAMPLE]   interpolation, resampling to spacing, shape, grid, by an affine
     [END]        licence

   CONFIGURATION (define before the implementation)
     MEDVOL_CUDA_EMULATION "file.h"   compile by a host compiler: this file stands in for the CUDA runtime

   NUMERICS
     The same bits run by run, GPU by GPU: chunks are cut by the data alone, trees are fixed, no float is
     added atomically. Against medvol.h: minimum, maximum, counts, histograms, percentiles, clamp, threshold
     and conversions have the same bits (scaled 8 and 16-bit types into float32: 1 ulp of the larger of
     product and offset); sums and means agree within 1e-12 of mean + sd, variances within 1e-11; maps within
     2 ulp of float of the larger of result and offset, from 32 and 64-bit integers and into integers what
     double gives; gamma within 6 ulp, of which CUDA's powf has 4. What only moves voxels, and NEAREST, has
     the same bits; other interpolation agrees within 1e-5 of the largest value among the taps.
*/
#ifndef MEDVOL_CUDA_H
#define MEDVOL_CUDA_H
#include "medvol.h"

#ifdef __cplusplus
extern "C" {
#endif
/* ==== [API] ============================================================================================= */

/* What all calls share:
   ORDER    each call enqueues its work on the context's stream and returns: what it writes may be read by
            later work on that stream, by the host after mv_cuda_sync. Calls that wait say so. Host memory
            given to a call is read before it returns.
   ERRORS   a status as in medvol.h, a message in the context, outputs as they were. MEDVOL_E_DEVICE: a CUDA
            call failed, the message gives its name and number. MEDVOL_E_FOREIGN: other code left an error
            behind; it is not cleared, call cudaGetLastError. MEDVOL_E_DEVICE_LOST: device memory is lost; all
            later calls of the context give the same. MEDVOL_E_POINTER: memory of the host, or of another
            device, where the device's must be. What only the device finds (no voxel chosen: MEDVOL_E_EMPTY)
            is told by the next mv_cuda_sync; a map then leaves
            dst's voxels as they are (also where dst is src and has got another type).
   MEMORY   scratch from the context's workspace, which grows before anything is enqueued; while a graph is
            captured nothing is allocated: MEDVOL_E_SCRATCH, and error.value is the size to reserve.
   THREADS  one host thread at a time for a context. The thread's current device is the same after a call. */

/* The same type as cudaStream_t */
typedef struct CUstream_st *mv_cuda_stream;

/* Everything a context can be told; {0}: the current device, a stream of its own, cudaMallocAsync from the
   device's default pool, which is told to keep what it has. */
typedef struct mv_cuda_desc {
    int by_number, device; /* by_number: device is its number; else the thread's current one */
    int given_stream;      /* non-zero: work on `stream`, also when that is NULL (the default stream) */
    mv_cuda_stream stream;
    /* device memory, ordered on the stream, 256-byte aligned: what pools of RMM, CuPy and PyTorch offer */
    void *(*mem_alloc)(void *user, size_t bytes, mv_cuda_stream stream);
    void (*mem_free)(void *user, void *block, size_t bytes, mv_cuda_stream stream);
    void *mem_user;
    void *workspace; /* device memory for scratch, the caller's; NULL: the context's own, which grows */
    size_t workspace_bytes;
    int trust; /* non-zero: do not look at where pointers lead (about 1 us each) */
} mv_cuda_desc;

/* {0} is valid: the first call makes what it needs. desc.trust may be changed between calls. */
typedef struct mv_cuda_ctx {
    mv_cuda_desc desc;
    mv_error error;
    int device;            /* its number */
    mv_cuda_stream stream; /* where all work goes */
    size_t workspace_bytes;
    size_t workspace_need; /* the most any call has asked for */
    void *workspace;       /* private, as what follows */
    size_t used;
    int state, depth, previous, own_stream, own_workspace, capturing, pools, processors;
    void *words, *pinned, *stage[2], *staged[2];
} mv_cuda_ctx;

/* mv_cuda_ctx_init: copy desc (NULL: all defaults), make the stream. mv_cuda_ctx_free: wait for the stream
   and release all; taking {0} is fine. Errors: MEDVOL_E_NULL, _RANGE (device), MEDVOL_E_NO_DEVICE (none, or
   the driver is missing or too old), _NOMEM, _DEVICE. */
MEDVOL_DEF mv_status mv_cuda_ctx_init(mv_cuda_ctx *ctx, const mv_cuda_desc *desc);
MEDVOL_DEF void mv_cuda_ctx_free(mv_cuda_ctx *ctx);
/* mv_cuda_message: one line on the last failure, "" when there was none. mv_cuda_sync: wait for the stream
   and tell what went wrong on it; not while capturing (MEDVOL_E_BUSY). mv_cuda_ctx_reserve: make the
   workspace at least `bytes`. */
MEDVOL_DEF const char *mv_cuda_message(const mv_cuda_ctx *ctx);
MEDVOL_DEF mv_status mv_cuda_sync(mv_cuda_ctx *ctx);
MEDVOL_DEF mv_status mv_cuda_ctx_reserve(mv_cuda_ctx *ctx, size_t bytes);

/* Graphs: calls between begin and end are recorded, not run; launch runs them again on the stream, with the
   memory they named. Run them once before, so that the workspace is large enough. A launch after the
   workspace has moved is refused (MEDVOL_E_SCRATCH): capture again. end after a failed call gives its status
   and no graph. */
typedef struct mv_cuda_graph {
    void *exec, *workspace; /* private */
} mv_cuda_graph;
MEDVOL_DEF mv_status mv_cuda_capture_begin(mv_cuda_ctx *ctx);
MEDVOL_DEF mv_status mv_cuda_capture_end(mv_cuda_ctx *ctx, mv_cuda_graph *graph);
MEDVOL_DEF mv_status mv_cuda_graph_launch(mv_cuda_ctx *ctx, const mv_cuda_graph *graph);
MEDVOL_DEF void mv_cuda_graph_free(mv_cuda_ctx *ctx, mv_cuda_graph *graph);

/* ---- volumes ------------------------------------------------------------------------------------------- */

/* The struct of medvol.h with `data` in device memory: mv_volume_count, mv_spacing, mv_orientation and the
   affine calls take it too. nifti stays NULL. owner and map_bytes say what mv_cuda_volume_free releases;
   never give it to mv_volume_free. */
typedef mv_volume mv_cuda_volume;

/* mv_cuda_volume_alloc, _free (stream-ordered), _view, _copy: as in medvol.h. mv_cuda_volume_wrap: around
   device memory of others, strides in elements, NULL: contiguous; rows must be (stride[0] == 1). Of
   __cuda_array_interface__ and DLPack: reverse the axes, divide byte strides by the item, and let the stream
   wait for theirs. */
MEDVOL_DEF mv_status mv_cuda_volume_alloc(mv_cuda_ctx *ctx, mv_cuda_volume *v, mv_dtype dtype, int ndim,
                                          const size_t *dim);
MEDVOL_DEF mv_status mv_cuda_volume_wrap(mv_cuda_ctx *ctx, mv_cuda_volume *v, void *data, mv_dtype dtype,
                                         int ndim, const size_t *dim, const ptrdiff_t *stride);
MEDVOL_DEF void mv_cuda_volume_free(mv_cuda_ctx *ctx, mv_cuda_volume *v);
MEDVOL_DEF mv_status mv_cuda_volume_view(mv_cuda_ctx *ctx, mv_cuda_volume *view, const mv_cuda_volume *src,
                                         const size_t *start, const size_t *size);
MEDVOL_DEF mv_status mv_cuda_volume_copy(mv_cuda_ctx *ctx, mv_cuda_volume *dst, const mv_cuda_volume *src);
/* mv_cuda_convert: as mv_convert. */
MEDVOL_DEF mv_status mv_cuda_convert(mv_cuda_ctx *ctx, mv_cuda_volume *dst, const mv_cuda_volume *src,
                                     mv_dtype dtype, const mv_convert_opt *opt);
/* mv_cuda_upload: dst on the device from src on the host, mv_cuda_download the way back, each with the
   conversion of mv_convert between, done on the device. An empty host dst is allocated by malloc, release it
   with mv_volume_free. Geometry and scaling go along, NIfTI header fields do not. Contiguous pinned host
   memory is copied asynchronously: leave it alone until mv_cuda_sync. Other memory goes through two pinned
   buffers of 16 MiB: an upload returns when src has been read, a download waits until dst is filled; neither
   inside a capture (MEDVOL_E_BUSY). Memory: a copy of the raw values where types differ or the device side is
   strided.
   mv_cuda_host_alloc, _free: pinned memory. mv_cuda_host_register, _unregister: pin the caller's. */
MEDVOL_DEF mv_status mv_cuda_upload(mv_cuda_ctx *ctx, mv_cuda_volume *dst, const mv_volume *src,
                                    mv_dtype dtype, const mv_convert_opt *opt);
MEDVOL_DEF mv_status mv_cuda_download(mv_cuda_ctx *ctx, mv_volume *dst, const mv_cuda_volume *src,
                                      mv_dtype dtype, const mv_convert_opt *opt);
MEDVOL_DEF mv_status mv_cuda_host_alloc(mv_cuda_ctx *ctx, void **block, size_t bytes);
MEDVOL_DEF mv_status mv_cuda_host_free(mv_cuda_ctx *ctx, void *block);
MEDVOL_DEF mv_status mv_cuda_host_register(mv_cuda_ctx *ctx, void *block, size_t bytes);
MEDVOL_DEF mv_status mv_cuda_host_unregister(mv_cuda_ctx *ctx, void *block);
/* mv_cuda_copy_peer: dst on to's device from src on from's, after from's work so far; later work of either
   waits for it. Both contiguous (MEDVOL_E_SHAPE); an empty dst is allocated. */
MEDVOL_DEF mv_status mv_cuda_copy_peer(mv_cuda_ctx *to, mv_cuda_volume *dst, mv_cuda_ctx *from,
                                       const mv_cuda_volume *src);

/* ---- intensity -----------------------------------------------------------------------------------------
   As in medvol.h; masks lie on the device. What differs:
   RESULTS  numbers (out, median, threshold, counts) go to device or pinned memory and are valid after
            mv_cuda_sync. The calls ending in _wait take ordinary host memory and wait; their status includes
            what the device found.
   COUNTS   at most 2^32 - 1 values at once for percentiles and histograms (MEDVOL_E_UNSUPPORTED).
   SCRATCH  72 bytes for 32768 values; where a source is a view, its values once more; a byte a value where
            the mask is not contiguous u8 of src's shape. */

/* mv_cuda_stats: dim[split - 1] results. Moments about a value of each thread's own share, chunks of 32768
   values, merged in a fixed tree: the variance within 1e-11 relative whatever the mean. */
#define MEDVOL_CUDA_STATS_CHUNK 32768
MEDVOL_DEF mv_status mv_cuda_stats(mv_cuda_ctx *ctx, mv_statistics *out, const mv_cuda_volume *src,
                                   const mv_stats_opt *opt);
MEDVOL_DEF mv_status mv_cuda_stats_wait(mv_cuda_ctx *ctx, mv_statistics *out, const mv_cuda_volume *src,
                                        const mv_stats_opt *opt);
MEDVOL_DEF mv_status mv_cuda_stats_f32(mv_cuda_ctx *ctx, mv_statistics *out, const float *src, size_t n,
                                       const mv_stats_opt *opt);
MEDVOL_DEF mv_status mv_cuda_stats_array(mv_cuda_ctx *ctx, mv_statistics *out, const void *src,
                                         mv_dtype dtype, size_t n, double slope, double inter,
                                         const mv_stats_opt *opt);
/* mv_cuda_percentiles: q is on the host. Passes of 11 bits over the values, the first for all q, the later
   ones for two q at a time. mv_cuda_mad: median NULL or like out; scratch of 8 bytes a value. */
MEDVOL_DEF mv_status mv_cuda_percentiles(mv_cuda_ctx *ctx, double *out, const mv_cuda_volume *src,
                                         const double *q, size_t nq, const mv_percentile_opt *opt);
MEDVOL_DEF mv_status mv_cuda_percentiles_wait(mv_cuda_ctx *ctx, double *out, const mv_cuda_volume *src,
                                              const double *q, size_t nq, const mv_percentile_opt *opt);
MEDVOL_DEF mv_status mv_cuda_percentiles_f32(mv_cuda_ctx *ctx, double *out, const float *src, size_t n,
                                             const double *q, size_t nq, const mv_percentile_opt *opt);
MEDVOL_DEF mv_status mv_cuda_percentiles_array(mv_cuda_ctx *ctx, double *out, const void *src, mv_dtype dtype,
                                               size_t n, double slope, double inter, const double *q,
                                               size_t nq, const mv_percentile_opt *opt);
MEDVOL_DEF mv_status mv_cuda_median(mv_cuda_ctx *ctx, double *out, const mv_cuda_volume *src,
                                    const mv_percentile_opt *opt);
MEDVOL_DEF mv_status mv_cuda_mad(mv_cuda_ctx *ctx, double *out, double *median, const mv_cuda_volume *src,
                                 const mv_percentile_opt *opt);
/* mv_cuda_histogram: h itself is on the host; what h->counts and h->tail point to, device memory, is filled.
   mv_cuda_otsu reads both, in one thread. */
typedef struct mv_cuda_hist_tail {
    double lo, hi;
    uint64_t below, above, nan, total;
} mv_cuda_hist_tail;
typedef struct mv_cuda_hist {
    size_t bins;
    uint64_t *counts;        /* device memory, `bins` entries */
    mv_cuda_hist_tail *tail; /* device memory */
} mv_cuda_hist;
MEDVOL_DEF mv_status mv_cuda_histogram(mv_cuda_ctx *ctx, const mv_cuda_hist *h, const mv_cuda_volume *src,
                                       const mv_histogram_opt *opt);
MEDVOL_DEF mv_status mv_cuda_histogram_wait(mv_cuda_ctx *ctx, mv_hist *h, const mv_cuda_volume *src,
                                            const mv_histogram_opt *opt);
MEDVOL_DEF mv_status mv_cuda_histogram_f32(mv_cuda_ctx *ctx, const mv_cuda_hist *h, const float *src,
                                           size_t n, const mv_histogram_opt *opt);
MEDVOL_DEF mv_status mv_cuda_histogram_array(mv_cuda_ctx *ctx, const mv_cuda_hist *h, const void *src,
                                             mv_dtype dtype, size_t n, double slope, double inter,
                                             const mv_histogram_opt *opt);
MEDVOL_DEF mv_status mv_cuda_otsu(mv_cuda_ctx *ctx, double *threshold, const mv_cuda_hist *h);

/* The maps. Statistics they need stay on the device: z-norm is two reads and one write. Values that lie
   further apart than the largest float become infinite. */
MEDVOL_DEF mv_status mv_cuda_znorm(mv_cuda_ctx *ctx, mv_cuda_volume *dst, const mv_cuda_volume *src,
                                   const mv_znorm_opt *opt);
MEDVOL_DEF mv_status mv_cuda_znorm_f32(mv_cuda_ctx *ctx, float *dst, const float *src, size_t n,
                                       const mv_znorm_opt *opt);
MEDVOL_DEF mv_status mv_cuda_rescale(mv_cuda_ctx *ctx, mv_cuda_volume *dst, const mv_cuda_volume *src,
                                     double out_min, double out_max, const mv_rescale_opt *opt);
MEDVOL_DEF mv_status mv_cuda_rescale_f32(mv_cuda_ctx *ctx, float *dst, const float *src, size_t n,
                                         double out_min, double out_max, const mv_rescale_opt *opt);
MEDVOL_DEF mv_status mv_cuda_linear(mv_cuda_ctx *ctx, mv_cuda_volume *dst, const mv_cuda_volume *src,
                                    double a, double b);
MEDVOL_DEF mv_status mv_cuda_linear_f32(mv_cuda_ctx *ctx, float *dst, const float *src, size_t n, double a,
                                        double b);
MEDVOL_DEF mv_status mv_cuda_clamp(mv_cuda_ctx *ctx, mv_cuda_volume *dst, const mv_cuda_volume *src,
                                   double lo, double hi);
MEDVOL_DEF mv_status mv_cuda_clamp_f32(mv_cuda_ctx *ctx, float *dst, const float *src, size_t n, double lo,
                                       double hi);
MEDVOL_DEF mv_status mv_cuda_threshold(mv_cuda_ctx *ctx, mv_cuda_volume *dst, const mv_cuda_volume *src,
                                       double lo, double hi, const mv_threshold_opt *opt);
MEDVOL_DEF mv_status mv_cuda_threshold_f32(mv_cuda_ctx *ctx, float *dst, const float *src, size_t n,
                                           double lo, double hi, const mv_threshold_opt *opt);
MEDVOL_DEF mv_status mv_cuda_gamma(mv_cuda_ctx *ctx, mv_cuda_volume *dst, const mv_cuda_volume *src, double g,
                                   const mv_gamma_opt *opt);
MEDVOL_DEF mv_status mv_cuda_gamma_f32(mv_cuda_ctx *ctx, float *dst, const float *src, size_t n, double g,
                                       const mv_gamma_opt *opt);

/* ---- spatial -------------------------------------------------------------------------------------------
   As in medvol.h, with its bits: any type, any view, affine and steps follow; there is no header. dst == src
   is allowed everywhere, in place only for flips; elsewhere a new volume takes its place, which allocates.
   Source and destination must otherwise not overlap. mv_cuda_foreground_box and mv_cuda_crop_foreground wait:
   start, size, box_start and box_size are on the host; opt->by lies on the device. The array calls take
   device memory. */
MEDVOL_DEF mv_status mv_cuda_crop(mv_cuda_ctx *ctx, mv_cuda_volume *dst, const mv_cuda_volume *src,
                                  const size_t *start, const size_t *size, const mv_crop_opt *opt);
MEDVOL_DEF mv_status mv_cuda_pad(mv_cuda_ctx *ctx, mv_cuda_volume *dst, const mv_cuda_volume *src,
                                 const size_t *before, const size_t *after, const mv_pad_opt *opt);
MEDVOL_DEF mv_status mv_cuda_crop_or_pad(mv_cuda_ctx *ctx, mv_cuda_volume *dst, const mv_cuda_volume *src,
                                         const size_t *shape, const mv_crop_or_pad_opt *opt);
MEDVOL_DEF mv_status mv_cuda_foreground_box(mv_cuda_ctx *ctx, size_t *start, size_t *size,
                                            const mv_cuda_volume *src, const mv_foreground_opt *opt);
MEDVOL_DEF mv_status mv_cuda_crop_foreground(mv_cuda_ctx *ctx, mv_cuda_volume *dst, const mv_cuda_volume *src,
                                             const mv_foreground_opt *opt);
MEDVOL_DEF mv_status mv_cuda_flip(mv_cuda_ctx *ctx, mv_cuda_volume *dst, const mv_cuda_volume *src,
                                  unsigned axes);
MEDVOL_DEF mv_status mv_cuda_permute(mv_cuda_ctx *ctx, mv_cuda_volume *dst, const mv_cuda_volume *src,
                                     const int *order);
MEDVOL_DEF mv_status mv_cuda_rot90(mv_cuda_ctx *ctx, mv_cuda_volume *dst, const mv_cuda_volume *src, int k,
                                   int a, int b);
MEDVOL_DEF mv_status mv_cuda_reorient(mv_cuda_ctx *ctx, mv_cuda_volume *dst, const mv_cuda_volume *src,
                                      const char *code, const mv_reorient_opt *opt);
MEDVOL_DEF mv_status mv_cuda_permute_array(mv_cuda_ctx *ctx, void *dst, const ptrdiff_t *dst_stride,
                                           const void *src, const ptrdiff_t *src_stride, size_t elem_size,
                                           int ndim, const size_t *dim, const int *order, unsigned flips);
MEDVOL_DEF mv_status mv_cuda_pad_array(mv_cuda_ctx *ctx, void *dst, const void *src, size_t elem_size,
                                       int ndim, const size_t *dim, const size_t *before, const size_t *after,
                                       mv_pad_mode mode, const void *fill);

/* ---- resampling ----------------------------------------------------------------------------------------
   As in medvol.h. NEAREST has its bits; the others agree with it within 1e-5 of the largest value among the
   taps (2e-6 where the grid neither turns nor shears and interp is not CUBIC); integer results near a tie
   may be one apart. Tables are made on the device, nothing is copied from the host: all may be captured.
   Positions must stay within 2^30 voxels and results have at most 262140 rows (MEDVOL_E_UNSUPPORTED).
   grid's data are not read: it may lie on the host.
   SCRATCH  an f32 copy of one volume of src where that is not f32 or has a scaling, one of the result where
            that is not f32; CUBIC two copies of src; antialias, CUBIC, CUBIC_CONV and LANCZOS on straight
            grids what the passes leave between them; 8 bytes a tap and place of an axis. */
MEDVOL_DEF mv_status mv_cuda_resample_spacing(mv_cuda_ctx *ctx, mv_cuda_volume *dst,
                                              const mv_cuda_volume *src, const double *spacing,
                                              const mv_resample_opt *opt);
MEDVOL_DEF mv_status mv_cuda_resample_shape(mv_cuda_ctx *ctx, mv_cuda_volume *dst, const mv_cuda_volume *src,
                                            const size_t *shape, const mv_resample_opt *opt);
MEDVOL_DEF mv_status mv_cuda_resample_like(mv_cuda_ctx *ctx, mv_cuda_volume *dst, const mv_cuda_volume *src,
                                           const mv_volume *grid, const mv_resample_opt *opt);
MEDVOL_DEF mv_status mv_cuda_resample_affine(mv_cuda_ctx *ctx, mv_cuda_volume *dst,
                                             const mv_cuda_volume *src, const double *m, const size_t *shape,
                                             const mv_resample_opt *opt);
MEDVOL_DEF mv_status mv_cuda_resample_shape_f32(mv_cuda_ctx *ctx, float *dst, const size_t *dst_shape,
                                                const float *src, const size_t *src_shape,
                                                const mv_resample_opt *opt);
MEDVOL_DEF mv_status mv_cuda_resample_affine_f32(mv_cuda_ctx *ctx, float *dst, const size_t *dst_shape,
                                                 const float *src, const size_t *src_shape, const double *m,
                                                 const mv_resample_opt *opt);

#ifdef __cplusplus
}
#endif
#endif /* MEDVOL_CUDA_H */

#if defined(MEDVOL_CUDA_IMPLEMENTATION) && !defined(MV__CUDA_ONCE)
#define MV__CUDA_ONCE
#ifndef __cplusplus
#  error "medvol_cuda.h: compile the implementation by nvcc, as CUDA C++"
#endif
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
/* ==== [BASE] compilers, launches, packed accesses, types, messages. Owns MV__CU_*, mv__cu_ names without a
   section. ============================================================================================== */
#ifdef __CUDACC__
#  include <cuda_runtime.h>
#  define MV__CU_LAUNCH(kernel, grid, block, shared, stream, ...) \
      kernel<<<(grid), (block), (shared), (stream)>>>(__VA_ARGS__)
#  define MV__CU_SHARED(type, name) __shared__ type name
#  define MV__CU_DYNAMIC(type, name) type *name = (type *)(void *)mv__cu_dynamic
extern __shared__ __align__(16) unsigned char mv__cu_dynamic[];
#  define mv__cu_sync() __syncthreads()
#  define mv__cu_syncwarp() __syncwarp()
#  define mv__cu_shfl(v, lane) __shfl_sync(0xffffffffu, v, lane)
#  define mv__cu_shfl_down(v, d) __shfl_down_sync(0xffffffffu, v, d)
#  define mv__cu_shfl_xor(v, m) __shfl_xor_sync(0xffffffffu, v, m)
#  define mv__cu_ballot(p) __ballot_sync(0xffffffffu, p)
#  define mv__cu_any(p) __any_sync(0xffffffffu, p)
#  define mv__cu_all(p) __all_sync(0xffffffffu, p)
#  define mv__cu_ld(p) (*(p))
#  define mv__cu_st(p, v) (*(p) = (v))
#  define mv__cu_stg(p, v) __stwb(p, v) /* to device memory, in one piece: nvcc may take others apart */
#  define mv__cu_atomic_add(p, v) atomicAdd(p, v)
#  define MV__CU_UNROLL _Pragma("unroll")
#elif defined(MEDVOL_CUDA_EMULATION)
#  include MEDVOL_CUDA_EMULATION
#  define MV__CU_LAUNCH(kernel, grid, block, shared, stream, ...) \
      (emu_kernel_name = #kernel, emu_launch(kernel, grid, block, shared, stream, __VA_ARGS__))
#  define MV__CU_SHARED(type, name) type &name = *(type *)emu_shared(sizeof(type), __LINE__)
#  define MV__CU_DYNAMIC(type, name) type *name = (type *)emu_dynamic()
#  define mv__cu_sync() emu_sync(__LINE__)
#  define mv__cu_syncwarp() emu_syncwarp(__LINE__)
#  define mv__cu_shfl(v, lane) emu_shfl(0xffffffffu, __LINE__, v, (unsigned)(lane))
#  define mv__cu_shfl_down(v, d) emu_shfl_down(0xffffffffu, __LINE__, v, (unsigned)(d))
#  define mv__cu_shfl_xor(v, m) emu_shfl_xor(0xffffffffu, __LINE__, v, (unsigned)(m))
#  define mv__cu_ballot(p) emu_ballot(0xffffffffu, __LINE__, p)
#  define mv__cu_any(p) emu_any(0xffffffffu, __LINE__, p)
#  define mv__cu_all(p) emu_all(0xffffffffu, __LINE__, p)
#  define mv__cu_ld(p) emu_ld(p)
#  define mv__cu_st(p, v) emu_st(p, v)
#  define mv__cu_stg(p, v) emu_st(p, v)
#  define mv__cu_atomic_add(p, v) emu_atomic_add(p, v)
#  ifdef __clang__
#    define MV__CU_UNROLL _Pragma("unroll")
#  else
#    define MV__CU_UNROLL _Pragma("GCC unroll 32")
#  endif
#else
#  error "medvol_cuda.h: the implementation is for nvcc; or MEDVOL_CUDA_EMULATION names a stand-in for CUDA"
#endif
#if defined(__GNUC__) || defined(__clang__)
#  define MV__CU_MAYBE __attribute__((unused))
#  define MV__CU_PRINTF(a, b) __attribute__((format(printf, a, b)))
#else
#  define MV__CU_MAYBE
#  define MV__CU_PRINTF(a, b)
#endif
#define MV__CU_KERNEL(threads, blocks) static __global__ void MV__CU_MAYBE __launch_bounds__(threads, blocks)
#define MV__CU_DEV static __device__ __forceinline__ MV__CU_MAYBE
#define MV__CU_IN __device__ __forceinline__ /* of a member */
#define MV__CU_FN static MV__CU_MAYBE
#ifdef __CUDACC__
#  define MV__CU_BOTH static __host__ __device__ MV__CU_MAYBE
#else
#  define MV__CU_BOTH static MV__CU_MAYBE
#endif

enum { MV__CU_B = 256 };
#define MV__CU_CHUNK MEDVOL_CUDA_STATS_CHUNK
typedef unsigned long long mv__cu_u64;

/* ---- arithmetic that no compiler may fuse: where the bits of medvol.h are promised ---- */
#ifdef __CUDACC__
MV__CU_DEV double mv__cu_mul(double a, double b) { return __dmul_rn(a, b); }
MV__CU_DEV double mv__cu_add(double a, double b) { return __dadd_rn(a, b); }
#else
MV__CU_DEV double mv__cu_mul(double a, double b) {
    volatile double p = a * b;
    return p;
}
MV__CU_DEV double mv__cu_add(double a, double b) { return a + b; }
#endif

/* ---- bits and half precision ---- */
MV__CU_DEV unsigned mv__cu_bits(float f) {
#ifdef __CUDACC__
    return __float_as_uint(f);
#else
    unsigned b;
    memcpy(&b, &f, 4);
    return b;
#endif
}
MV__CU_DEV float mv__cu_float(unsigned b) {
#ifdef __CUDACC__
    return __uint_as_float(b);
#else
    float f;
    memcpy(&f, &b, 4);
    return f;
#endif
}
MV__CU_DEV mv__cu_u64 mv__cu_bits(double d) {
#ifdef __CUDACC__
    return (mv__cu_u64)__double_as_longlong(d);
#else
    mv__cu_u64 b;
    memcpy(&b, &d, 8);
    return b;
#endif
}
MV__CU_DEV double mv__cu_double(mv__cu_u64 b) {
#ifdef __CUDACC__
    return __longlong_as_double((long long)b);
#else
    double d;
    memcpy(&d, &b, 8);
    return d;
#endif
}
typedef struct mv__cu_half { unsigned short b; } mv__cu_half;
typedef struct mv__cu_bhalf { unsigned short b; } mv__cu_bhalf;
MV__CU_DEV float mv__cu_f16_f32(unsigned short h) {
#ifdef __CUDACC__
    float f;
    asm("cvt.f32.f16 %0, %1;" : "=f"(f) : "h"(h));
    return f;
#else
    const unsigned sign = (unsigned)(h & 0x8000u) << 16, e = h >> 10 & 31u, m = h & 0x3ffu;
    if (e == 31) return mv__cu_float(sign | 0x7f800000u | (m ? m << 13 | 0x400000u : 0u));
    if (e == 0) return mv__cu_float(sign | mv__cu_bits((float)m * 5.9604644775390625e-8f));
    return mv__cu_float(sign | (e + 112) << 23 | m << 13);
#endif
}
MV__CU_DEV unsigned short mv__cu_f32_f16(float f) {
#ifdef __CUDACC__
    unsigned short h;
    asm("cvt.rn.f16.f32 %0, %1;" : "=h"(h) : "f"(f));
    return h;
#else
    unsigned b = mv__cu_bits(f), sign = b >> 16 & 0x8000u, r, shift, rest;
    b &= 0x7fffffffu;
    if (b > 0x7f800000u) return (unsigned short)(sign | 0x7e00u | (b >> 13 & 0x1ffu));
    if (b >= 0x477ff000u) return (unsigned short)(sign | 0x7c00u);
    if (b < 0x33000000u) return (unsigned short)sign;
    shift = b < 0x38800000u ? 126 - (b >> 23) : 13; /* below the least normal half: fewer bits stay */
    b = b < 0x38800000u ? (b & 0x7fffffu) | 0x800000u : b - 0x38000000u;
    r = b >> shift;
    rest = b & ((1u << shift) - 1);
    r += rest > 1u << (shift - 1) || (rest == 1u << (shift - 1) && (r & 1u));
    return (unsigned short)(sign | r);
#endif
}
MV__CU_DEV float mv__cu_bf16_f32(unsigned short h) { return mv__cu_float((unsigned)h << 16); }
MV__CU_DEV unsigned short mv__cu_f32_bf16(float f) {
    const unsigned b = mv__cu_bits(f);
    if ((b & 0x7fffffffu) > 0x7f800000u) return (unsigned short)(b >> 16 | 0x40u);
    return (unsigned short)((b + 0x7fffu + (b >> 16 & 1u)) >> 16);
}
/* To odd: rounding again to fewer bits is then right. */
MV__CU_DEV float mv__cu_odd(double d) {
    const float f = (float)d;
    unsigned b;
    if ((double)f == d || d != d) return f;
    b = mv__cu_bits(f);
    if (fabs((double)f) > fabs(d)) b--;
    return mv__cu_float(b | 1u);
}

/* ---- stored values as numbers. T: the type in memory, A: float holds it exactly, else double. ---- */
MV__CU_DEV float mv__cu_get(unsigned char v) { return (float)v; }
MV__CU_DEV float mv__cu_get(signed char v) { return (float)v; }
MV__CU_DEV float mv__cu_get(unsigned short v) { return (float)v; }
MV__CU_DEV float mv__cu_get(short v) { return (float)v; }
MV__CU_DEV float mv__cu_get(mv__cu_half v) { return mv__cu_f16_f32(v.b); }
MV__CU_DEV float mv__cu_get(mv__cu_bhalf v) { return mv__cu_bf16_f32(v.b); }
MV__CU_DEV float mv__cu_get(float v) { return v; }
MV__CU_DEV double mv__cu_get(int v) { return (double)v; }
MV__CU_DEV double mv__cu_get(unsigned v) { return (double)v; }
MV__CU_DEV double mv__cu_get(long long v) { return (double)v; }
MV__CU_DEV double mv__cu_get(mv__cu_u64 v) { return (double)v; }
MV__CU_DEV double mv__cu_get(double v) { return v; }
/* Rounded to nearest even, saturated, NaN is 0. */
MV__CU_DEV float mv__cu_whole(float x, float lo, float hi) {
    return x != x ? 0.0f : fminf(fmaxf(rintf(x), lo), hi);
}
MV__CU_DEV double mv__cu_whole(double x, double lo, double hi) {
    return x != x ? 0.0 : fmin(fmax(rint(x), lo), hi);
}
MV__CU_DEV void mv__cu_put(unsigned char *d, float x) { *d = (unsigned char)mv__cu_whole(x, 0.0f, 255.0f); }
MV__CU_DEV void mv__cu_put(signed char *d, float x) { *d = (signed char)mv__cu_whole(x, -128.0f, 127.0f); }
MV__CU_DEV void mv__cu_put(unsigned short *d, float x) {
    *d = (unsigned short)mv__cu_whole(x, 0.0f, 65535.0f);
}
MV__CU_DEV void mv__cu_put(short *d, float x) { *d = (short)mv__cu_whole(x, -32768.0f, 32767.0f); }
MV__CU_DEV void mv__cu_put(mv__cu_half *d, float x) { d->b = mv__cu_f32_f16(x); }
MV__CU_DEV void mv__cu_put(mv__cu_bhalf *d, float x) { d->b = mv__cu_f32_bf16(x); }
MV__CU_DEV void mv__cu_put(float *d, float x) { *d = x; }
/* Any type, told at run time */
MV__CU_DEV double mv__cu_load(const void *p, long long i, int type) {
    switch (type) {
        case MEDVOL_U8: return (double)((const unsigned char *)p)[i];
        case MEDVOL_I8: return (double)((const signed char *)p)[i];
        case MEDVOL_U16: return (double)((const unsigned short *)p)[i];
        case MEDVOL_I16: return (double)((const short *)p)[i];
        case MEDVOL_U32: return (double)((const unsigned *)p)[i];
        case MEDVOL_I32: return (double)((const int *)p)[i];
        case MEDVOL_U64: return (double)((const mv__cu_u64 *)p)[i];
        case MEDVOL_I64: return (double)((const long long *)p)[i];
        case MEDVOL_F16: return (double)mv__cu_f16_f32(((const unsigned short *)p)[i]);
        case MEDVOL_BF16: return (double)mv__cu_bf16_f32(((const unsigned short *)p)[i]);
        case MEDVOL_F32: return (double)((const float *)p)[i];
        default: return ((const double *)p)[i];
    }
}
MV__CU_DEV long long mv__cu_to_i64(double x) {
    x = rint(x);
    return x != x ? 0 : x >= 9223372036854775808.0 ? 0x7fffffffffffffffLL
         : x < -9223372036854775808.0 ? -0x7fffffffffffffffLL - 1 : (long long)x;
}
MV__CU_DEV mv__cu_u64 mv__cu_to_u64(double x) {
    x = rint(x);
    return x >= 18446744073709551616.0 ? ~0ULL : x > 0.0 ? (mv__cu_u64)x : 0;
}
MV__CU_DEV void mv__cu_store(void *p, long long i, int type, double x) {
    switch (type) {
        case MEDVOL_U8: ((unsigned char *)p)[i] = (unsigned char)mv__cu_whole(x, 0.0, 255.0); break;
        case MEDVOL_I8: ((signed char *)p)[i] = (signed char)mv__cu_whole(x, -128.0, 127.0); break;
        case MEDVOL_U16: ((unsigned short *)p)[i] = (unsigned short)mv__cu_whole(x, 0.0, 65535.0); break;
        case MEDVOL_I16: ((short *)p)[i] = (short)mv__cu_whole(x, -32768.0, 32767.0); break;
        case MEDVOL_U32: ((unsigned *)p)[i] = (unsigned)mv__cu_whole(x, 0.0, 4294967295.0); break;
        case MEDVOL_I32: ((int *)p)[i] = (int)mv__cu_whole(x, -2147483648.0, 2147483647.0); break;
        case MEDVOL_U64: ((mv__cu_u64 *)p)[i] = mv__cu_to_u64(x); break;
        case MEDVOL_I64: ((long long *)p)[i] = mv__cu_to_i64(x); break;
        case MEDVOL_F16: ((unsigned short *)p)[i] = mv__cu_f32_f16(mv__cu_odd(x)); break;
        case MEDVOL_BF16: ((unsigned short *)p)[i] = mv__cu_f32_bf16(mv__cu_odd(x)); break;
        case MEDVOL_F32: ((float *)p)[i] = (float)x; break;
        default: ((double *)p)[i] = x;
    }
}

/* ---- packed accesses: N values as one access of N * sizeof(T) bytes ---- */
template <int bytes> struct mv__cu_word;
template <> struct mv__cu_word<1> { typedef unsigned char type; };
template <> struct mv__cu_word<2> { typedef unsigned short type; };
template <> struct mv__cu_word<4> { typedef unsigned type; };
template <> struct mv__cu_word<8> { typedef uint2 type; };
template <> struct mv__cu_word<16> { typedef uint4 type; };
template <class T, int N> struct mv__cu_pack {
    typedef typename mv__cu_word<N * (int)sizeof(T)>::type word;
    union { word w; T v[N]; };
};
template <class T, int N>
MV__CU_DEV void mv__cu_ldn(mv__cu_pack<T, N> &r, const T *p, int packed, int wanted) {
    int k;
    if (wanted && packed) r.w = mv__cu_ld((const typename mv__cu_pack<T, N>::word *)(const void *)p);
    else {
        MV__CU_UNROLL for (k = 0; k < N; k++) r.v[k] = wanted ? p[k] : T();
    }
}
MV__CU_BOTH int mv__cu_mini(int a, int b) { return a < b ? a : b; }

/* ---- host: sizes and messages ---- */
MV__CU_FN int mv__cu_muls(size_t a, size_t b, size_t *r) {
    return b && a > (size_t)-1 / b ? 0 : (*r = a * b, 1);
}
MV__CU_FN int mv__cu_adds(size_t a, size_t b, size_t *r) { return a > (size_t)-1 - b ? 0 : (*r = a + b, 1); }
MV__CU_FN size_t mv__cu_divup(size_t a, size_t b) { return a / b + (a % b != 0); }
MV__CU_FN int mv__cu_finite(double x) { return x - x == 0.0; }
MV__CU_PRINTF(5, 6)
MV__CU_FN mv_status mv__cu_fail(mv_cuda_ctx *ctx, mv_status code, const char *field, double value,
                                const char *fmt, ...) {
    va_list ap;
    if (!ctx) return code;
    ctx->error.code = code;
    ctx->error.field = field;
    ctx->error.value = value;
    ctx->error.offset = -1;
    va_start(ap, fmt);
    (void)vsnprintf(ctx->error.text, sizeof ctx->error.text, fmt, ap);
    va_end(ap);
    return code;
}
MV__CU_FN mv_status mv__cu_fail_null(mv_cuda_ctx *ctx, const char *op, const char *name) {
    return mv__cu_fail(ctx, MEDVOL_E_NULL, name, 0, "%s: %s is NULL", op, name);
}

/* ==== [CTX] context, stream, workspace, graphs, errors. Owns mv__cu_ctx_*. Uses [BASE]. ================= */
enum { MV__CU_LIVE = 1, MV__CU_DEAD = 2 };
enum { MV__CU_WORDS = 256, MV__CU_STAGE = 16 << 20 };
/* Errors after which the process' CUDA context gives nothing but errors. */
MV__CU_FN int mv__cu_sticky(cudaError_t e) {
    switch ((int)e) {
        case 214: case 220: case 226: case 700: case 702: case 710: case 714: case 715: case 716: case 717:
        case 718: case 719: case 4: case 709: return 1;
        default: return 0;
    }
}
/* What a CUDA call answered, as a status; its own error does not stay behind. */
MV__CU_FN mv_status mv__cu_check(mv_cuda_ctx *ctx, const char *op, const char *call, cudaError_t e) {
    mv_status st = MEDVOL_E_DEVICE;
    if (e == cudaSuccess) return MEDVOL_OK;
    (void)cudaGetLastError();
    if ((int)e == 35 || (int)e == 100 || (int)e == 3 || (int)e == 101) st = MEDVOL_E_NO_DEVICE;
    if ((int)e == 2) st = MEDVOL_E_NOMEM;
    if (mv__cu_sticky(e)) {
        st = MEDVOL_E_DEVICE_LOST;
        ctx->state = MV__CU_DEAD;
    }
    return mv__cu_fail(ctx, st, call, (double)e, "%s: %s: %s (%d): %s", op, call, cudaGetErrorName(e), (int)e,
                       cudaGetErrorString(e));
}
#define MV__CU_TRY(ctx, op, call, args) mv__cu_check(ctx, op, #call, call args)
/* After a launch */
MV__CU_FN mv_status mv__cu_launched(mv_cuda_ctx *ctx, const char *op) {
    return MV__CU_TRY(ctx, op, cudaGetLastError, ());
}

MV__CU_FN void *mv__cu_alloc(mv_cuda_ctx *ctx, const char *op, size_t bytes, mv_status *st) {
    void *p = NULL;
    if (ctx->capturing) {
        *st = mv__cu_fail(ctx, MEDVOL_E_SCRATCH, "bytes", (double)bytes,
                          "%s: %zu bytes are needed, but nothing is allocated while a graph is captured", op,
                          bytes);
        return NULL;
    }
    if (ctx->desc.mem_alloc) {
        p = ctx->desc.mem_alloc(ctx->desc.mem_user, bytes, ctx->stream);
        *st = p ? MEDVOL_OK : mv__cu_fail(ctx, MEDVOL_E_NOMEM, "bytes", (double)bytes,
                                          "%s: the allocation hook gave no %zu bytes", op, bytes);
        return p;
    }
    *st = ctx->pools ? MV__CU_TRY(ctx, op, cudaMallocAsync, (&p, bytes, ctx->stream))
                     : MV__CU_TRY(ctx, op, cudaMalloc, (&p, bytes));
    if (*st == MEDVOL_E_NOMEM)
        (void)mv__cu_fail(ctx, *st, "bytes", (double)bytes, "%s: out of device memory: %zu bytes", op, bytes);
    return *st < 0 ? NULL : p;
}
MV__CU_FN void mv__cu_free(mv_cuda_ctx *ctx, void *p, size_t bytes) {
    if (!p) return;
    if (ctx->desc.mem_free) ctx->desc.mem_free(ctx->desc.mem_user, p, bytes, ctx->stream);
    else if (!(ctx->pools ? cudaFreeAsync(p, ctx->stream) : cudaFree(p))) return;
    else (void)cudaGetLastError();
}

/* Every call begins and ends with these: state, foreign errors, device. */
MV__CU_FN mv_status mv__cu_begin(mv_cuda_ctx *ctx, const char *op) {
    cudaError_t e;
    mv_status st;
    if (!ctx) return MEDVOL_E_NULL;
    if (ctx->state == MV__CU_DEAD) return MEDVOL_E_DEVICE_LOST; /* the first message stays */
    if (ctx->state == 0) {
        const mv_cuda_desc desc = ctx->desc;
        if ((st = mv_cuda_ctx_init(ctx, &desc)) < 0) return st;
    }
    if (ctx->depth++) return MEDVOL_OK;
    if ((e = cudaPeekAtLastError()) != cudaSuccess) {
        ctx->depth = 0;
        if (mv__cu_sticky(e)) ctx->state = MV__CU_DEAD;
        return mv__cu_fail(ctx, mv__cu_sticky(e) ? MEDVOL_E_DEVICE_LOST : MEDVOL_E_FOREIGN, "error",
                           (double)e, "%s: earlier code left the CUDA error %s (%d): %s", op,
                           cudaGetErrorName(e), (int)e, cudaGetErrorString(e));
    }
    st = MV__CU_TRY(ctx, op, cudaGetDevice, (&ctx->previous));
    if (st == MEDVOL_OK && ctx->previous != ctx->device)
        st = MV__CU_TRY(ctx, op, cudaSetDevice, (ctx->device));
    if (st < 0) ctx->depth = 0;
    else ctx->used = 0;
    return st;
}
MV__CU_FN mv_status mv__cu_end(mv_cuda_ctx *ctx, mv_status st) {
    if (--ctx->depth == 0 && ctx->previous != ctx->device) (void)cudaSetDevice(ctx->previous);
    return st;
}

/* ---- scratch: a call says how much it needs before it enqueues anything, then takes pieces ---- */
MV__CU_FN size_t mv__cu_round(size_t n) {
    return n > (size_t)-1 - 255 ? (size_t)-1 : (n + 255) & ~(size_t)255;
}
/* Room for `bytes` behind what is taken already. */
MV__CU_FN mv_status mv__cu_room(mv_cuda_ctx *ctx, const char *op, size_t bytes) {
    size_t want;
    void *p;
    mv_status st;
    if (!mv__cu_adds(ctx->used, bytes, &want) || want > (size_t)-1 / 2)
        return mv__cu_fail(ctx, MEDVOL_E_SIZE, "bytes", (double)bytes, "%s: the scratch is too large", op);
    if (want > ctx->workspace_need) ctx->workspace_need = want;
    if (want <= ctx->workspace_bytes) return MEDVOL_OK;
    if (ctx->capturing || !ctx->own_workspace || ctx->used)
        return mv__cu_fail(ctx, MEDVOL_E_SCRATCH, "bytes", (double)want,
                           "%s: a workspace of %zu bytes is needed, there are %zu: %s", op, want,
                           ctx->workspace_bytes,
                           ctx->capturing ? "reserve it before the capture" : "it cannot grow now");
    want = mv__cu_round(want);
    if (!(p = mv__cu_alloc(ctx, op, want, &st))) return st;
    mv__cu_free(ctx, ctx->workspace, ctx->workspace_bytes);
    ctx->workspace = p;
    ctx->workspace_bytes = want;
    return MEDVOL_OK;
}
MV__CU_FN void *mv__cu_take(mv_cuda_ctx *ctx, size_t bytes) { /* bytes a multiple of 256 */
    void *p = (unsigned char *)ctx->workspace + ctx->used;
    ctx->used += bytes;
    return p;
}

/* ---- what only the device finds: the first word that is not 0 ---- */
MV__CU_DEV void mv__cu_raise(int *word, int status, int what) {
    if (word[0] == 0) word[0] = status, word[1] = what;
}
MV__CU_FN const char *mv__cu_what(int what) {
    static const char *const text[] = {"statistics: no value is left but NaN",
        "znorm: no finite value is left for the statistics", "no finite value is left for the range",
        "the range is not finite", "percentiles: no value is left but NaN",
        "histogram: no finite value is left", "histogram: lo < hi, both finite, is needed",
        "otsu: all counts are 0", "otsu: bins and lo < hi are needed"};
    return text[what >= 0 && what < 9 ? what : 0];
}
enum { MV__CU_NO_STATS, MV__CU_NO_ZNORM, MV__CU_NO_RANGE, MV__CU_BAD_RANGE, MV__CU_NO_PERCENTILES,
       MV__CU_NO_HISTOGRAM, MV__CU_BAD_HISTOGRAM, MV__CU_NO_OTSU, MV__CU_BAD_OTSU };

MV__CU_FN mv_status mv__cu_ctx_device(mv_cuda_ctx *ctx) {
    int n = 0;
    mv_status st = MV__CU_TRY(ctx, "ctx_init", cudaGetDeviceCount, (&n));
    if (st < 0) return st;
    if (n < 1) return mv__cu_fail(ctx, MEDVOL_E_NO_DEVICE, "device", 0, "ctx_init: there is no CUDA device");
    if (!ctx->desc.by_number) return MV__CU_TRY(ctx, "ctx_init", cudaGetDevice, (&ctx->device));
    ctx->device = ctx->desc.device;
    if (ctx->device < 0 || ctx->device >= n)
        return mv__cu_fail(ctx, MEDVOL_E_RANGE, "device", ctx->device, "ctx_init: device = %d: there are %d",
                           ctx->device, n);
    return MEDVOL_OK;
}
/* Stream, pool, words; the device is set. */
MV__CU_FN mv_status mv__cu_ctx_make(mv_cuda_ctx *ctx) {
    static const char op[] = "ctx_init";
    mv_status st = MV__CU_TRY(ctx, op, cudaDeviceGetAttribute,
                              (&ctx->processors, cudaDevAttrMultiProcessorCount, ctx->device));
    if (st == MEDVOL_OK)
        st = MV__CU_TRY(ctx, op, cudaDeviceGetAttribute,
                        (&ctx->pools, cudaDevAttrMemoryPoolsSupported, ctx->device));
    if (st == MEDVOL_OK && ctx->pools && !ctx->desc.mem_alloc) {
        cudaMemPool_t pool;
        unsigned long long keep = ~0ULL;
        st = MV__CU_TRY(ctx, op, cudaDeviceGetDefaultMemPool, (&pool, ctx->device));
        if (st == MEDVOL_OK)
            st = MV__CU_TRY(ctx, op, cudaMemPoolSetAttribute, (pool, cudaMemPoolAttrReleaseThreshold, &keep));
    }
    if (st == MEDVOL_OK && !ctx->desc.given_stream) {
        st = MV__CU_TRY(ctx, op, cudaStreamCreateWithFlags, (&ctx->stream, cudaStreamNonBlocking));
        ctx->own_stream = st == MEDVOL_OK;
    }
    if (st == MEDVOL_OK) ctx->words = mv__cu_alloc(ctx, op, MV__CU_WORDS, &st);
    if (st == MEDVOL_OK)
        st = MV__CU_TRY(ctx, op, cudaMemsetAsync, (ctx->words, 0, MV__CU_WORDS, ctx->stream));
    if (st == MEDVOL_OK) st = MV__CU_TRY(ctx, op, cudaMallocHost, (&ctx->pinned, (size_t)MV__CU_WORDS));
    return st;
}
MEDVOL_DEF mv_status mv_cuda_ctx_init(mv_cuda_ctx *ctx, const mv_cuda_desc *desc) {
    mv_cuda_desc d;
    cudaError_t e;
    int previous = 0;
    mv_status st;
    if (!ctx) return MEDVOL_E_NULL;
    memset(&d, 0, sizeof d);
    if (desc) d = *desc;
    memset(ctx, 0, sizeof *ctx);
    ctx->desc = d;
    if (!d.mem_alloc != !d.mem_free)
        return mv__cu_fail(ctx, MEDVOL_E_NULL, "mem_free", 0, "ctx_init: mem_alloc and mem_free go together");
    if (d.workspace_bytes && !d.workspace) return mv__cu_fail_null(ctx, "ctx_init", "workspace");
    e = cudaPeekAtLastError();
    if (e != cudaSuccess && (int)e != 35 && (int)e != 100)
        return mv__cu_fail(ctx, MEDVOL_E_FOREIGN, "error", (double)e,
                           "ctx_init: earlier code left the CUDA error %s (%d)", cudaGetErrorName(e), (int)e);
    if ((st = mv__cu_ctx_device(ctx)) < 0) return st;
    if ((st = MV__CU_TRY(ctx, "ctx_init", cudaGetDevice, (&previous))) < 0) return st;
    if ((st = MV__CU_TRY(ctx, "ctx_init", cudaSetDevice, (ctx->device))) < 0) return st;
    ctx->stream = d.given_stream ? d.stream : NULL;
    ctx->workspace = d.workspace;
    ctx->workspace_bytes = d.workspace_bytes;
    ctx->own_workspace = d.workspace == NULL;
    ctx->state = MV__CU_LIVE;
    st = mv__cu_ctx_make(ctx);
    if (st < 0) {
        const mv_error why = ctx->error;
        mv_cuda_ctx_free(ctx);
        ctx->error = why;
    }
    (void)cudaSetDevice(previous);
    return st;
}
MEDVOL_DEF void mv_cuda_ctx_free(mv_cuda_ctx *ctx) {
    int previous = 0, i;
    mv_cuda_desc desc;
    if (!ctx) return;
    desc = ctx->desc;
    if (ctx->state) {
        const int set = cudaGetDevice(&previous) == cudaSuccess && previous != ctx->device &&
                        cudaSetDevice(ctx->device) == cudaSuccess;
        mv__cu_free(ctx, ctx->words, MV__CU_WORDS);
        if (ctx->own_workspace) mv__cu_free(ctx, ctx->workspace, ctx->workspace_bytes);
        if (ctx->own_stream || ctx->words) (void)cudaStreamSynchronize(ctx->stream);
        if (ctx->pinned) (void)cudaFreeHost(ctx->pinned);
        for (i = 0; i < 2; i++) {
            if (ctx->stage[i]) (void)cudaFreeHost(ctx->stage[i]);
            if (ctx->staged[i]) (void)cudaEventDestroy((cudaEvent_t)ctx->staged[i]);
        }
        if (ctx->own_stream) (void)cudaStreamDestroy(ctx->stream);
        if (set) (void)cudaSetDevice(previous);
        if (ctx->state == MV__CU_LIVE) (void)cudaGetLastError(); /* what the calls above may have left */
    }
    memset(ctx, 0, sizeof *ctx);
    ctx->desc = desc;
}
MEDVOL_DEF const char *mv_cuda_message(const mv_cuda_ctx *ctx) { return ctx ? ctx->error.text : ""; }

/* Waits; then the words of the device. The text of `op` is for what CUDA says. */
MV__CU_FN mv_status mv__cu_wait(mv_cuda_ctx *ctx, const char *op) {
    int *got = (int *)ctx->pinned;
    mv_status st;
    if (ctx->capturing)
        return mv__cu_fail(ctx, MEDVOL_E_BUSY, "capture", 0, "%s: not while a graph is captured", op);
    st = MV__CU_TRY(ctx, op, cudaMemcpyAsync,
                    (got, ctx->words, 2 * sizeof(int), cudaMemcpyDeviceToHost, ctx->stream));
    if (st == MEDVOL_OK) st = MV__CU_TRY(ctx, op, cudaStreamSynchronize, (ctx->stream));
    if (st < 0 || got[0] == 0) return st;
    st = MV__CU_TRY(ctx, op, cudaMemsetAsync, (ctx->words, 0, MV__CU_WORDS, ctx->stream));
    return st < 0 ? st : mv__cu_fail(ctx, (mv_status)got[0], "device", got[1], "%s", mv__cu_what(got[1]));
}
MEDVOL_DEF mv_status mv_cuda_sync(mv_cuda_ctx *ctx) {
    mv_status st = mv__cu_begin(ctx, "sync");
    if (st < 0) return st;
    return mv__cu_end(ctx, mv__cu_wait(ctx, "sync"));
}
MEDVOL_DEF mv_status mv_cuda_ctx_reserve(mv_cuda_ctx *ctx, size_t bytes) {
    mv_status st = mv__cu_begin(ctx, "ctx_reserve");
    if (st < 0) return st;
    return mv__cu_end(ctx, mv__cu_room(ctx, "ctx_reserve", bytes));
}

/* ---- graphs ---- */
MEDVOL_DEF mv_status mv_cuda_capture_begin(mv_cuda_ctx *ctx) {
    mv_status st = mv__cu_begin(ctx, "capture_begin");
    if (st < 0) return st;
    if (ctx->capturing)
        return mv__cu_end(ctx,
                          mv__cu_fail(ctx, MEDVOL_E_BUSY, "capture", 0, "capture_begin: a capture runs"));
    st = MV__CU_TRY(ctx, "capture_begin", cudaStreamBeginCapture,
                    (ctx->stream, cudaStreamCaptureModeThreadLocal));
    ctx->capturing = st == MEDVOL_OK;
    return mv__cu_end(ctx, st);
}
MEDVOL_DEF mv_status mv_cuda_capture_end(mv_cuda_ctx *ctx, mv_cuda_graph *graph) {
    cudaGraph_t g = NULL;
    cudaGraphExec_t exec = NULL;
    mv_status st = mv__cu_begin(ctx, "capture_end");
    if (st < 0) return st;
    if (!ctx->capturing)
        return mv__cu_end(ctx, mv__cu_fail(ctx, MEDVOL_E_RANGE, "capture", 0, "capture_end: none was begun"));
    ctx->capturing = 0;
    st = MV__CU_TRY(ctx, "capture_end", cudaStreamEndCapture, (ctx->stream, &g));
    if (st == MEDVOL_OK && !graph) st = mv__cu_fail_null(ctx, "capture_end", "graph");
#if defined(__CUDACC__) && CUDART_VERSION < 12000
    if (st == MEDVOL_OK) st = MV__CU_TRY(ctx, "capture_end", cudaGraphInstantiate, (&exec, g, NULL, NULL, 0));
#else
    if (st == MEDVOL_OK) st = MV__CU_TRY(ctx, "capture_end", cudaGraphInstantiate, (&exec, g, 0));
#endif
    if (g) (void)cudaGraphDestroy(g);
    if (st == MEDVOL_OK) graph->exec = exec, graph->workspace = ctx->workspace;
    return mv__cu_end(ctx, st);
}
MEDVOL_DEF mv_status mv_cuda_graph_launch(mv_cuda_ctx *ctx, const mv_cuda_graph *graph) {
    mv_status st = mv__cu_begin(ctx, "graph_launch");
    if (st < 0) return st;
    if (!graph || !graph->exec) st = mv__cu_fail_null(ctx, "graph_launch", "graph");
    else if (graph->workspace != ctx->workspace)
        st = mv__cu_fail(ctx, MEDVOL_E_SCRATCH, "workspace", (double)ctx->workspace_bytes,
                         "graph_launch: the workspace has moved since the capture: capture again");
    else st = MV__CU_TRY(ctx, "graph_launch", cudaGraphLaunch, ((cudaGraphExec_t)graph->exec, ctx->stream));
    return mv__cu_end(ctx, st);
}
MEDVOL_DEF void mv_cuda_graph_free(mv_cuda_ctx *ctx, mv_cuda_graph *graph) {
    if (!graph) return;
    if (graph->exec && ctx && ctx->state) (void)cudaGraphExecDestroy((cudaGraphExec_t)graph->exec);
    memset(graph, 0, sizeof *graph);
}

/* ==== [VOLUME] device volumes, destinations, conversion, transfers. Owns mv__cu_vol_*, mv__cu_out_*,
   mv__cu_map_*. Uses [BASE] [CTX]. ======================================================================= */
MV__CU_FN int mv__cu_is_integer(mv_dtype t) {
    return t == MEDVOL_U8 || t == MEDVOL_I8 || t == MEDVOL_U16 || t == MEDVOL_I16 || t == MEDVOL_U32 ||
           t == MEDVOL_I32 || t == MEDVOL_U64 || t == MEDVOL_I64;
}
MV__CU_FN int mv__cu_is_real(mv_dtype t) {
    return mv__cu_is_integer(t) || t == MEDVOL_F16 || t == MEDVOL_BF16 || t == MEDVOL_F32 || t == MEDVOL_F64;
}
MV__CU_FN int mv__cu_is_complex(mv_dtype t) { return t == MEDVOL_C64 || t == MEDVOL_C128; }
MV__CU_FN int mv__cu_is_narrow(mv_dtype t) {
    return mv__cu_is_real(t) && (mv_dtype_size(t) <= 2 || t == MEDVOL_F32);
}
MV__CU_FN int mv__cu_scaled(double slope, double inter) {
    return mv__cu_finite(slope) && slope != 0.0 && mv__cu_finite(inter) && !(slope == 1.0 && inter == 0.0);
}
MV__CU_FN void mv__cu_vol_scaling(const mv_cuda_volume *v, double *slope, double *inter) {
    const int on =
        (mv__cu_is_real(v->dtype) || mv__cu_is_complex(v->dtype)) && mv__cu_scaled(v->slope, v->inter);
    *slope = on ? v->slope : 1.0;
    *inter = on ? v->inter : 0.0;
}
/* ---- checks ---- */
enum { MV__CU_ON_DEVICE, MV__CU_REACHED, MV__CU_PINNED, MV__CU_PAGEABLE };
/* Where memory lies. Managed memory counts as the device's. */
MV__CU_FN mv_status mv__cu_where(mv_cuda_ctx *ctx, const char *op, const void *p, int *where) {
    struct cudaPointerAttributes a;
    mv_status st;
    memset(&a, 0, sizeof a);
    st = MV__CU_TRY(ctx, op, cudaPointerGetAttributes, (&a, p));
    *where = a.type == cudaMemoryTypeManaged || (a.type == cudaMemoryTypeDevice && a.device == ctx->device)
                 ? MV__CU_ON_DEVICE
             : a.type == cudaMemoryTypeDevice ? MV__CU_REACHED
             : a.type == cudaMemoryTypeHost   ? MV__CU_PINNED
                                              : MV__CU_PAGEABLE;
    return st;
}
MV__CU_FN mv_status mv__cu_on_device(mv_cuda_ctx *ctx, const char *op, const char *name, const void *p,
                                     int pinned) {
    static const char *const at[] = {"here", "on another device", "pinned host memory", "host memory"};
    int where = MV__CU_ON_DEVICE;
    mv_status st;
    if (!p) return mv__cu_fail_null(ctx, op, name);
    if (ctx->desc.trust) return MEDVOL_OK;
    if ((st = mv__cu_where(ctx, op, p, &where)) < 0) return st;
    if (where == MV__CU_ON_DEVICE || (pinned && where == MV__CU_PINNED)) return MEDVOL_OK;
    return mv__cu_fail(ctx, MEDVOL_E_POINTER, name, 0, "%s: %s is %s: must be memory of device %d", op, name,
                       at[where], ctx->device);
}
MV__CU_FN mv_status mv__cu_shape_check(mv_cuda_ctx *ctx, const char *op, mv_dtype dtype, int ndim,
                                       const size_t *dim, size_t *bytes) {
    size_t n = mv_dtype_size(dtype);
    int d;
    if (n == 0)
        return mv__cu_fail(ctx, MEDVOL_E_DTYPE, "dtype", (double)dtype, "%s: data type %d is unknown", op,
                           (int)dtype);
    if (!(ndim >= 1 && ndim <= 7))
        return mv__cu_fail(ctx, MEDVOL_E_RANGE, "ndim", ndim, "%s: ndim = %d: must be 1..7", op, ndim);
    if (!dim) return mv__cu_fail_null(ctx, op, "dim");
    for (d = 0; d < ndim; d++) {
        if (dim[d] == 0)
            return mv__cu_fail(ctx, MEDVOL_E_SIZE, "dim", 0, "%s: dim[%d] = 0: must be at least 1", op, d);
        if (!mv__cu_muls(n, dim[d], &n) || n > (size_t)PTRDIFF_MAX)
            return mv__cu_fail(ctx, MEDVOL_E_SIZE, "dim", (double)dim[d],
                               "%s: dim[%d] = %zu: the volume is too large", op, d, dim[d]);
    }
    *bytes = n;
    return MEDVOL_OK;
}
/* Shape and strides, of host and device volumes */
MV__CU_FN mv_status mv__cu_vol_form(mv_cuda_ctx *ctx, const char *op, const char *name, const mv_volume *v) {
    size_t bytes, least = 1, reach;
    int d;
    mv_status st;
    if (!v) return mv__cu_fail_null(ctx, op, name);
    if (!v->data) return mv__cu_fail(ctx, MEDVOL_E_NULL, name, 0, "%s: %s is an empty volume", op, name);
    if ((st = mv__cu_shape_check(ctx, op, v->dtype, v->ndim, v->dim, &bytes)) < 0) return st;
    for (d = v->ndim; d < 7; d++)
        if (v->dim[d] != 1)
            return mv__cu_fail(ctx, MEDVOL_E_SHAPE, "dim", (double)v->dim[d],
                               "%s: %s: dim[%d] = %zu: must be 1 beyond its %d axes", op, name, d, v->dim[d],
                               v->ndim);
    for (d = 0; d < v->ndim; d++) {
        if (v->dim[d] == 1 && d > 0) continue;
        if (v->stride[d] < 1 || (size_t)v->stride[d] < least || (d == 0 && v->stride[0] != 1))
            return mv__cu_fail(ctx, MEDVOL_E_SHAPE, "stride", (double)v->stride[d],
                               "%s: %s: stride[%d] = %lld: must be %s%zu", op, name, d,
                               (long long)v->stride[d], d ? "at least " : "", least);
        if (!mv__cu_muls((size_t)v->stride[d], v->dim[d] - 1, &reach) || !mv__cu_adds(reach, least, &least) ||
            !mv__cu_muls(least, mv_dtype_size(v->dtype), &bytes) || bytes > (size_t)PTRDIFF_MAX)
            return mv__cu_fail(ctx, MEDVOL_E_SIZE, "stride", (double)v->stride[d],
                               "%s: %s: stride[%d] reaches beyond the address space", op, name, d);
    }
    return MEDVOL_OK;
}
MV__CU_FN mv_status mv__cu_vol_check(mv_cuda_ctx *ctx, const char *op, const char *name,
                                     const mv_cuda_volume *v) {
    mv_status st = mv__cu_vol_form(ctx, op, name, v);
    if (st == MEDVOL_OK) st = mv__cu_on_device(ctx, op, name, v->data, 0);
    return st;
}
MV__CU_FN mv_status mv__cu_vol_check_real(mv_cuda_ctx *ctx, const char *op, const char *name,
                                          const mv_cuda_volume *v) {
    mv_status st = mv__cu_vol_check(ctx, op, name, v);
    if (st == MEDVOL_OK && !mv__cu_is_real(v->dtype))
        st = mv__cu_fail(ctx, MEDVOL_E_DTYPE, "dtype", (double)v->dtype,
                         "%s: %s has type %s: must be an integer or real type", op, name,
                         mv_dtype_name(v->dtype));
    return st;
}
MV__CU_FN size_t mv__cu_vol_extent(const mv_volume *v) { /* bytes from the first to behind the last voxel */
    size_t n = 1;
    int d;
    for (d = 0; d < v->ndim; d++) n += (v->dim[d] - 1) * (size_t)v->stride[d];
    return n * mv_dtype_size(v->dtype);
}
MV__CU_FN int mv__cu_vol_same_shape(const mv_volume *v, int ndim, const size_t *dim) {
    int d;
    for (d = 0; d < 7; d++)
        if ((d < v->ndim ? v->dim[d] : 1) != (d < ndim ? dim[d] : 1)) return 0;
    return 1;
}
MV__CU_FN void mv__cu_vol_geometry(mv_volume *v, const mv_volume *src) {
    memcpy(v->affine, src->affine, sizeof v->affine);
    memcpy(v->step, src->step, sizeof v->step);
    v->slope = src->slope;
    v->inter = src->inter;
}
MV__CU_FN void mv__cu_vol_init(mv_volume *v, mv_dtype dtype, int ndim, const size_t *dim,
                               const ptrdiff_t *stride) {
    size_t n = 1;
    int d;
    memset(v, 0, sizeof *v);
    v->dtype = dtype;
    v->ndim = ndim;
    for (d = 0; d < 7; d++) {
        v->dim[d] = d < ndim ? dim[d] : 1;
        v->stride[d] = stride && d < ndim ? stride[d] : (ptrdiff_t)n;
        n *= v->dim[d];
    }
    for (d = 0; d < 3; d++) v->affine[5 * d] = 1.0;
    for (d = 0; d < 4; d++) v->step[d] = 1.0;
}
/* ---- making and releasing; inside a call that has begun ---- */
MV__CU_FN mv_status mv__cu_vol_alloc(mv_cuda_ctx *ctx, const char *op, mv_cuda_volume *v, mv_dtype dtype,
                                     int ndim, const size_t *dim) {
    size_t bytes;
    mv_status st = mv__cu_shape_check(ctx, op, dtype, ndim, dim, &bytes);
    void *p;
    if (st < 0 || !(p = mv__cu_alloc(ctx, op, bytes, &st))) return st;
    mv__cu_vol_init(v, dtype, ndim, dim, NULL);
    v->data = v->owner = p;
    v->map_bytes = bytes;
    return MEDVOL_OK;
}
MV__CU_FN void mv__cu_vol_release(mv_cuda_ctx *ctx, mv_cuda_volume *v) {
    mv__cu_free(ctx, v->owner, (size_t)v->map_bytes);
    v->owner = NULL;
    v->map_bytes = 0;
}
MEDVOL_DEF mv_status mv_cuda_volume_alloc(mv_cuda_ctx *ctx, mv_cuda_volume *v, mv_dtype dtype, int ndim,
                                          const size_t *dim) {
    mv_status st = mv__cu_begin(ctx, "volume_alloc");
    if (st < 0) return st;
    if (!v) return mv__cu_end(ctx, mv__cu_fail_null(ctx, "volume_alloc", "v"));
    memset(v, 0, sizeof *v);
    return mv__cu_end(ctx, mv__cu_vol_alloc(ctx, "volume_alloc", v, dtype, ndim, dim));
}
MEDVOL_DEF mv_status mv_cuda_volume_wrap(mv_cuda_ctx *ctx, mv_cuda_volume *v, void *data, mv_dtype dtype,
                                         int ndim, const size_t *dim, const ptrdiff_t *stride) {
    static const char op[] = "volume_wrap";
    mv_cuda_volume w;
    size_t bytes;
    mv_status st = mv__cu_begin(ctx, op);
    if (st < 0) return st;
    if (!v) return mv__cu_end(ctx, mv__cu_fail_null(ctx, op, "v"));
    if ((st = mv__cu_on_device(ctx, op, "data", data, 0)) == MEDVOL_OK)
        st = mv__cu_shape_check(ctx, op, dtype, ndim, dim, &bytes);
    if (st == MEDVOL_OK) {
        mv__cu_vol_init(&w, dtype, ndim, dim, stride);
        w.data = data;
        if ((uintptr_t)data % (mv__cu_is_complex(dtype) ? mv_dtype_size(dtype) / 2
                               : mv__cu_is_real(dtype)  ? mv_dtype_size(dtype)
                                                        : 1))
            st = mv__cu_fail(ctx, MEDVOL_E_POINTER, "data", 0, "%s: data is not aligned for %s", op,
                             mv_dtype_name(dtype));
        else st = mv__cu_vol_form(ctx, op, "v", &w);
    }
    if (st == MEDVOL_OK) *v = w;
    return mv__cu_end(ctx, st);
}
MEDVOL_DEF void mv_cuda_volume_free(mv_cuda_ctx *ctx, mv_cuda_volume *v) {
    int previous = 0;
    if (!v) return;
    if (v->owner && ctx && ctx->state == MV__CU_LIVE) {
        const int set = cudaGetDevice(&previous) == cudaSuccess && previous != ctx->device &&
                        cudaSetDevice(ctx->device) == cudaSuccess;
        mv__cu_vol_release(ctx, v);
        if (set) (void)cudaSetDevice(previous);
    }
    memset(v, 0, sizeof *v);
}
MEDVOL_DEF mv_status mv_cuda_volume_view(mv_cuda_ctx *ctx, mv_cuda_volume *view, const mv_cuda_volume *src,
                                         const size_t *start, const size_t *size) {
    mv_ctx host; /* a view is arithmetic on the struct alone */
    mv_status st = mv__cu_begin(ctx, "volume_view");
    if (st < 0) return st;
    memset(&host, 0, sizeof host);
    st = mv_volume_view(&host, view, src, start, size);
    if (st < 0) ctx->error = host.error;
    else view->owner = NULL, view->map_bytes = 0;
    return mv__cu_end(ctx, st);
}

/* ---- destinations: the rule of medvol.h ---- */
enum { MV__CU_INPLACE = 1 };
MV__CU_FN int mv__cu_out_fresh(const mv_cuda_volume *dst, const mv_cuda_volume *src, mv_dtype dtype, int ndim,
                               const size_t *dim, int flags) {
    if (dst != src) return dst->data == NULL;
    return !(flags & MV__CU_INPLACE) || mv_dtype_size(dtype) != mv_dtype_size(src->dtype) ||
           !mv__cu_vol_same_shape(src, ndim, dim);
}
MV__CU_FN mv_status mv__cu_out_check(mv_cuda_ctx *ctx, const char *op, const mv_cuda_volume *dst,
                                     const mv_cuda_volume *src, mv_dtype dtype, int ndim, const size_t *dim,
                                     int flags) {
    const size_t size = mv_dtype_size(dtype);
    const uintptr_t a = (uintptr_t)dst->data, b = (uintptr_t)src->data;
    mv_status st;
    int d, same;
    if ((st = mv__cu_vol_check(ctx, op, "dst", dst)) < 0) return st;
    if (dst != src && dst->dtype != dtype)
        return mv__cu_fail(ctx, MEDVOL_E_DTYPE, "dst", (double)dst->dtype,
                           "%s: dst has type %s: the result is %s", op, mv_dtype_name(dst->dtype),
                           mv_dtype_name(dtype));
    if (!mv__cu_vol_same_shape(dst, ndim, dim))
        return mv__cu_fail(ctx, MEDVOL_E_SHAPE, "dst", (double)dst->dim[0],
                           "%s: dst is %zu x %zu x %zu: the result is %zu x %zu x %zu", op, dst->dim[0],
                           dst->dim[1], dst->dim[2], dim[0], ndim > 1 ? dim[1] : 1, ndim > 2 ? dim[2] : 1);
    if (dst == src || !(a < b + mv__cu_vol_extent(src) && b < a + mv__cu_vol_extent(dst))) return st;
    same = (flags & MV__CU_INPLACE) && a == b && size == mv_dtype_size(src->dtype);
    for (d = 0; d < ndim; d++) same = same && (dim[d] == 1 || dst->stride[d] == src->stride[d]);
    return same ? st : mv__cu_fail(ctx, MEDVOL_E_ALIAS, "dst", 0, "%s: dst and src overlap", op);
}
/* `out` is where the result goes; mv__cu_out_end hands it to dst or takes everything back. */
MV__CU_FN mv_status mv__cu_out_begin(mv_cuda_ctx *ctx, const char *op, mv_cuda_volume *out,
                                     const mv_cuda_volume *dst, const mv_cuda_volume *src, mv_dtype dtype,
                                     int ndim, const size_t *dim, int flags) {
    mv_status st;
    memset(out, 0, sizeof *out);
    if (mv__cu_out_fresh(dst, src, dtype, ndim, dim, flags))
        st = mv__cu_vol_alloc(ctx, op, out, dtype, ndim, dim);
    else {
        st = mv__cu_out_check(ctx, op, dst, src, dtype, ndim, dim, flags);
        if (st == MEDVOL_OK) {
            *out = *dst;
            out->dtype = dtype;
            out->owner = NULL;
            out->map_bytes = 0;
        }
    }
    if (st == MEDVOL_OK) {
        mv__cu_vol_geometry(out, src);
        out->nifti = NULL, out->owns_nifti = 0;
    }
    return st;
}
MV__CU_FN mv_status mv__cu_out_end(mv_cuda_ctx *ctx, mv_status st, mv_cuda_volume *out, mv_cuda_volume *dst) {
    if (st < 0) {
        mv__cu_vol_release(ctx, out);
        return st;
    }
    if (out->data == dst->data) out->owner = dst->owner, out->map_bytes = dst->map_bytes;
    else mv__cu_vol_release(ctx, dst);
    *dst = *out;
    return MEDVOL_OK;
}

/* ---- maps: each value of dst from the same voxel of src. Whole volumes run flat in blocks of 16-byte
   accesses, four apart before the first is stored; views a warp to a stretch of a row. ---- */
enum { MV__CU_MAP_U = 4 };
#define MV__CU_MAP_SEG 4096
typedef struct mv__cu_walk {
    long long len, rows, dx, sx; /* values a row, and the steps between them */
    int axes;                    /* of the rows */
    long long dim[6], ds[6], ss[6];
} mv__cu_walk;
/* axis: one index of it alone (-1: all); its offsets are added by the caller. s may have extent 1 where d has
   more: it then holds for all (stride 0). */
MV__CU_FN void mv__cu_walk_init(mv__cu_walk *w, const mv_volume *d, const mv_volume *s, int axis) {
    int k, n = 0;
    memset(w, 0, sizeof *w);
    w->len = w->rows = w->dx = w->sx = 1;
    for (k = 0; k < d->ndim; k++) {
        const long long m = (long long)d->dim[k], a = (long long)d->stride[k],
                        b = k < s->ndim && s->dim[k] > 1 ? (long long)s->stride[k] : 0;
        if (k == axis || m == 1) continue;
        if (n == 0) w->len = m, w->dx = a, w->sx = b;
        else if (w->axes == 0 && a == w->len * w->dx && b == w->len * w->sx) w->len *= m;
        else if (w->axes && a == w->dim[w->axes - 1] * w->ds[w->axes - 1] &&
                 b == w->dim[w->axes - 1] * w->ss[w->axes - 1])
            w->dim[w->axes - 1] *= m, w->rows *= m;
        else w->dim[w->axes] = m, w->ds[w->axes] = a, w->ss[w->axes++] = b, w->rows *= m;
        n = 1;
    }
}
MV__CU_DEV void mv__cu_walk_row(const mv__cu_walk &w, mv__cu_u64 row, long long *a, long long *b) {
    int k;
    *a = *b = 0;
    if (w.rows == 1) return;
    MV__CU_UNROLL for (k = 0; k < 6; k++) {
        mv__cu_u64 q, m = (mv__cu_u64)w.dim[k], r;
        if (k >= w.axes) break;
        if (row >> 32 == 0 && m >> 32 == 0) q = (unsigned)row / (unsigned)m;
        else q = row / m;
        r = row - q * m;
        *a += (long long)r * w.ds[k];
        *b += (long long)r * w.ss[k];
        row = q;
    }
}
/* The stretch of this warp: row offsets, first value, how many. 0: none. */
MV__CU_DEV int mv__cu_walk_item(const mv__cu_walk &w, long long *a, long long *b, long long *at,
                                long long *n) {
    const long long segs = (w.len + MV__CU_MAP_SEG - 1) / MV__CU_MAP_SEG;
    const mv__cu_u64 i = (mv__cu_u64)blockIdx.x * (MV__CU_B / 32) + (threadIdx.x >> 5);
    mv__cu_u64 row = i, seg = 0;
    if (w.rows == 1) row = 0, seg = i;
    else if (segs > 1) row = i / (mv__cu_u64)segs, seg = i % (mv__cu_u64)segs;
    if (row >= (mv__cu_u64)w.rows || seg >= (mv__cu_u64)segs) return 0;
    mv__cu_walk_row(w, row, a, b);
    *at = (long long)seg * MV__CU_MAP_SEG;
    *n = w.len - *at < MV__CU_MAP_SEG ? w.len - *at : MV__CU_MAP_SEG;
    return 1;
}
template <class S, class D> struct mv__cu_group {
    enum { N = 16 / (sizeof(S) > sizeof(D) ? (int)sizeof(S) : (int)sizeof(D)) };
};
template <class S, class D, class Op>
MV__CU_KERNEL(MV__CU_B, 4) mv__cu_k_map(D *d, const S *s, long long n, int head, int packed, Op op) {
    enum { N = mv__cu_group<S, D>::N, U = MV__CU_MAP_U };
    const long long groups = (n - head) / N,
                    first = (long long)blockIdx.x * (MV__CU_B * U) + (int)threadIdx.x;
    mv__cu_pack<S, N> in[U];
    mv__cu_pack<D, N> out;
    long long rest = n - groups * N, i;
    int u, k;
    if (!op.begin()) return;
    MV__CU_UNROLL for (u = 0; u < U; u++) {
        const long long g = first + u * MV__CU_B;
        mv__cu_ldn<S, N>(in[u], s + head + g * N, packed, g < groups);
    }
    MV__CU_UNROLL for (u = 0; u < U; u++) {
        const long long g = first + u * MV__CU_B;
        if (g >= groups) break;
        MV__CU_UNROLL for (k = 0; k < N; k++) op.run(&out.v[k], in[u].v[k]);
        mv__cu_stg((typename mv__cu_pack<D, N>::word *)(void *)(d + head + g * N), out.w);
    }
    i = (int)threadIdx.x;
    if (blockIdx.x == 0 && i < rest) { /* head and tail: fewer than 2 N values */
        D one;
        i = i < head ? i : n - rest + i;
        op.run(&one, s[i]);
        d[i] = one;
    }
}
template <class S, class D, class Op>
MV__CU_KERNEL(MV__CU_B, 4) mv__cu_k_rows(D *d, const S *s, mv__cu_walk w, Op op) {
    enum { N = mv__cu_group<S, D>::N };
    const int lane = (int)threadIdx.x & 31;
    long long a, b, at, n, i, head = 0, groups = 0;
    if (!op.begin() || !mv__cu_walk_item(w, &a, &b, &at, &n)) return;
    d += a + at * w.dx;
    s += b + at * w.sx;
    if (w.dx == 1 && w.sx == 1) {
        head = (long long)((0 - (mv__cu_u64)(size_t)d) / sizeof(D) % N);
        head = head < n ? head : n;
        groups = (n - head) / N;
    }
    const int packed = (size_t)(s + head) % (N * sizeof(S)) == 0;
    for (i = lane; i < groups; i += 32) {
        mv__cu_pack<S, N> in;
        mv__cu_pack<D, N> out;
        int k;
        mv__cu_ldn<S, N>(in, s + head + i * N, packed, 1);
        MV__CU_UNROLL for (k = 0; k < N; k++) op.run(&out.v[k], in.v[k]);
        mv__cu_stg((typename mv__cu_pack<D, N>::word *)(void *)(d + head + i * N), out.w);
    }
    for (i = lane; i < n - groups * N; i += 32) {
        const long long j = i < head ? i : groups * N + i;
        D one;
        op.run(&one, s[j * w.sx]);
        d[j * w.dx] = one;
    }
}
MV__CU_FN size_t mv__cu_walk_blocks(const mv__cu_walk *w) {
    return mv__cu_divup((size_t)w->rows * mv__cu_divup((size_t)w->len, MV__CU_MAP_SEG), MV__CU_B / 32);
}
MV__CU_FN mv_status mv__cu_grid(mv_cuda_ctx *ctx, const char *op, size_t blocks, unsigned *grid) {
    if (blocks > 0x7fffffffu)
        return mv__cu_fail(ctx, MEDVOL_E_SIZE, "blocks", (double)blocks,
                           "%s: %zu blocks are more than a launch takes", op, blocks);
    *grid = (unsigned)blocks;
    return MEDVOL_OK;
}
template <class S, class D, class Op>
MV__CU_FN mv_status mv__cu_map(mv_cuda_ctx *ctx, const char *op, D *d, const S *s, const mv__cu_walk *w,
                               const Op &f) {
    enum { N = mv__cu_group<S, D>::N };
    unsigned grid = 0;
    mv_status st;
    if (w->rows == 1 && w->dx == 1 && w->sx == 1) {
        long long head = (long long)((0 - (uintptr_t)d) / sizeof(D) % N);
        if (head > w->len) head = w->len;
        st = mv__cu_grid(ctx, op, mv__cu_divup((size_t)w->len, (size_t)N * MV__CU_B * MV__CU_MAP_U), &grid);
        if (st < 0) return st;
        MV__CU_LAUNCH((mv__cu_k_map<S, D, Op>), grid, MV__CU_B, 0, ctx->stream, d, s, w->len, (int)head,
                      (uintptr_t)(s + head) % (N * sizeof(S)) == 0, f);
    } else {
        if ((st = mv__cu_grid(ctx, op, mv__cu_walk_blocks(w), &grid)) < 0) return st;
        MV__CU_LAUNCH((mv__cu_k_rows<S, D, Op>), grid, MV__CU_B, 0, ctx->stream, d, s, *w, f);
    }
    return mv__cu_launched(ctx, op);
}

/* ---- what is done to a value ---- */
typedef struct mv__cu_line { /* y = (x - m) * k + b, within lo..hi, 0 kept: over stored values in float ... */
    float mh, ml, p, kh, kl, b, lo, hi, zero; /* m = mh + ml, k = p * (kh + kl); zero becomes 0 */
    int clip;
    double dm, dk, db, dlo, dhi; /* ... over real values in double */
    int keep0;
} mv__cu_line;
/* The float half from the double one: x = slope * stored + inter, zero the stored value of 0 or NaN. */
MV__CU_BOTH void mv__cu_line_set(mv__cu_line *a, double slope, double inter, double zero) {
    const double m = (a->dm - inter) / slope;
    double k = a->dk * slope, r;
    int e = 0;
    if (k != 0.0 && k - k == 0.0) {
        (void)frexp(k, &e);
        e = e < -125 ? -125 : e > 126 ? 126 : e;
    }
    a->mh = (float)m;
    a->ml = (float)(m - (double)a->mh);
    if (!(a->ml - a->ml == 0.0f)) a->ml = 0.0f;
    a->p = (float)ldexp(1.0, e);
    r = ldexp(k, -e);
    a->kh = (float)r;
    a->kl = (float)(r - (double)a->kh);
    if (!(a->kl - a->kl == 0.0f)) a->kl = 0.0f;
    a->b = (float)a->db;
    a->lo = (float)a->dlo;
    a->hi = (float)a->dhi;
    a->zero = (float)zero;
}
typedef struct mv__cu_op_line {
    mv__cu_line a;
    const mv__cu_line *from; /* or a, where it is known to the host */
    const int *stop;
    MV__CU_IN int begin() {
        if (from) a = *from;
        return !stop || !*stop;
    }
    template <class S, class D> MV__CU_IN void run(D *d, S s) const {
        const float x = mv__cu_get(s), t = ((x - a.mh) - a.ml) * a.p, c = t * a.kl;
        float y = t * a.kh + ((fabsf(t) <= 3.402823466e38f ? c : 0.0f) + a.b);
        if (a.clip) y = y < a.lo ? a.lo : y > a.hi ? a.hi : y;
        if (a.keep0 && x == a.zero) y = 0.0f;
        mv__cu_put(d, y);
    }
} mv__cu_op_line;
typedef struct mv__cu_op_cast {
    MV__CU_IN int begin() { return 1; }
    template <class S, class D> MV__CU_IN void run(D *d, S s) const { mv__cu_put(d, mv__cu_get(s)); }
} mv__cu_op_cast;
typedef struct mv__cu_op_same {
    MV__CU_IN int begin() { return 1; }
    template <class S> MV__CU_IN void run(S *d, S s) const { *d = s; }
} mv__cu_op_same;

/* ---- any types, in double, as the processor does it; one kernel for what has no kernel of its own ---- */
enum { MV__CU_ANY_LINE, MV__CU_ANY_SCALE, MV__CU_ANY_STAY, MV__CU_ANY_INSIDE, MV__CU_ANY_POWER,
       MV__CU_ANY_MASK, MV__CU_ANY_AWAY };
typedef struct mv__cu_power {
    double g, lo, range, scale;
    float flo, frange, fscale;
    int mode;
} mv__cu_power;
typedef struct mv__cu_any {
    int kind, dt, st, scaled, open, same, bytes;
    double slope, inter, lo, hi, under, over;
    mv__cu_u64 u, o; /* replacements as stored, within one type */
    mv__cu_line line;
    const mv__cu_line *from;
    mv__cu_power power;
    const mv__cu_power *power_from;
    const int *stop; /* not 0: a part of dst cannot be made, so none is */
    const double *centre; /* away: |x - *centre|, NaN where not kept */
    const unsigned char *keep;
    int nonzero;
} mv__cu_any;
/* x^(g + rest), 0, Inf and NaN as pow has them: what g lost in float weighs as the logarithm of x. */
MV__CU_DEV float mv__cu_power_f32(float x, float g, float rest, int mode) {
    const float a = mode == MEDVOL_GAMMA_SIGNED ? fabsf(x) : x > 0.0f ? x : 0.0f;
    float y = powf(a, g);
    if (x != x) return x;
    if (y > 0.0f && y <= 3.402823466e38f) y += y * (rest * logf(a));
    return mode == MEDVOL_GAMMA_SIGNED && x < 0.0f ? -y : y;
}
MV__CU_DEV double mv__cu_power_f64(double x, const mv__cu_power &a) {
    double t;
    if (x != x) return x;
    if (a.mode == MEDVOL_GAMMA_SIGNED) return x < 0 ? -pow(-x, a.g) : pow(x, a.g);
    if (a.mode == MEDVOL_GAMMA_PLAIN) return pow(x > 0 ? x : 0.0, a.g);
    t = mv__cu_mul(x - a.lo, a.scale);
    return mv__cu_add(mv__cu_mul(pow(t > 0 ? t : 0.0, a.g), a.range), a.lo);
}
MV__CU_DEV double mv__cu_any_value(const mv__cu_any &f, const mv__cu_line &line, const mv__cu_power &power,
                                   double x) {
    double y;
    switch (f.kind) {
        case MV__CU_ANY_LINE:
            y = mv__cu_add(mv__cu_mul(x - line.dm, line.dk), line.db);
            if (line.clip) y = y < line.dlo ? line.dlo : y > line.dhi ? line.dhi : y;
            return line.keep0 && x == 0.0 ? x : y;
        case MV__CU_ANY_STAY:
            return (f.open & 1 ? x <= f.lo : x < f.lo)   ? f.under
                   : (f.open & 2 ? x >= f.hi : x > f.hi) ? f.over
                                                         : x;
        case MV__CU_ANY_INSIDE:
            return (f.open & 1 ? x > f.lo : x >= f.lo) && (f.open & 2 ? x < f.hi : x <= f.hi) ? 1.0 : 0.0;
        case MV__CU_ANY_POWER: return mv__cu_power_f64(x, power);
        case MV__CU_ANY_MASK: return x != 0.0 && x == x ? 1.0 : 0.0;
        default: return x;
    }
}
MV__CU_DEV void mv__cu_any_raw(void *d, long long i, int bytes, mv__cu_u64 v) {
    switch (bytes) {
        case 1: ((unsigned char *)d)[i] = (unsigned char)v; break;
        case 2: ((unsigned short *)d)[i] = (unsigned short)v; break;
        case 4: ((unsigned *)d)[i] = (unsigned)v; break;
        default: ((mv__cu_u64 *)d)[i] = v;
    }
}
MV__CU_KERNEL(MV__CU_B, 3) mv__cu_k_any(void *d, const void *s, mv__cu_walk w, mv__cu_any f) {
    const int lane = (int)threadIdx.x & 31;
    long long a, b, at, n, i;
    const mv__cu_line line = f.from ? *f.from : f.line;
    const mv__cu_power power = f.power_from ? *f.power_from : f.power;
    if (f.stop && *f.stop) return;
    if (!mv__cu_walk_item(w, &a, &b, &at, &n)) return;
    a += at * w.dx, b += at * w.sx;
    for (i = lane; i < n; i += 32) {
        const long long to = a + i * w.dx, of = b + i * w.sx;
        double x = mv__cu_load(s, of, f.st);
        if (f.scaled) x = mv__cu_add(mv__cu_mul(x, f.slope), f.inter);
        if (f.kind == MV__CU_ANY_STAY && f.same) {
            const int under = f.open & 1 ? x <= f.lo : x < f.lo, over = f.open & 2 ? x >= f.hi : x > f.hi;
            mv__cu_u64 v = under ? f.u : f.o;
            if (!under && !over)
                v = f.bytes == 1   ? ((const unsigned char *)s)[of]
                    : f.bytes == 2 ? ((const unsigned short *)s)[of]
                    : f.bytes == 4 ? ((const unsigned *)s)[of]
                                   : ((const mv__cu_u64 *)s)[of];
            mv__cu_any_raw(d, to, f.bytes, v);
            continue;
        }
        if (f.kind == MV__CU_ANY_AWAY) {
            const int keep = (!f.keep || f.keep[at + i]) && !(f.nonzero && x == 0.0);
            const double c = *f.centre, away = c - c == 0.0 ? fabs(x - c) : x - x == 0.0 ? 0.0 : fabs(x);
            ((double *)d)[to] = keep ? away : mv__cu_double(~0ULL >> 1);
            continue;
        }
        if (f.kind == MV__CU_ANY_POWER && f.dt == MEDVOL_F32) {
            float y = (float)x;
            if (power.mode == MEDVOL_GAMMA_NORMALISED)
                y = (float)mv__cu_mul((double)y - power.lo, power.scale);
            y = mv__cu_power_f32(y, (float)power.g, (float)(power.g - (double)(float)power.g), power.mode);
            if (power.mode == MEDVOL_GAMMA_NORMALISED)
                y = (float)mv__cu_add(mv__cu_mul((double)y, power.range), power.lo);
            ((float *)d)[to] = y;
            continue;
        }
        mv__cu_store(d, to, f.dt, mv__cu_any_value(f, line, power, x));
    }
}
MV__CU_FN mv_status mv__cu_map_any(mv_cuda_ctx *ctx, const char *op, void *d, const void *s,
                                   const mv__cu_walk *w, const mv__cu_any *f) {
    unsigned grid = 0;
    mv_status st = mv__cu_grid(ctx, op, mv__cu_walk_blocks(w), &grid);
    if (st < 0) return st;
    MV__CU_LAUNCH(mv__cu_k_any, grid, MV__CU_B, 0, ctx->stream, d, s, *w, *f);
    return mv__cu_launched(ctx, op);
}
/* Whole numbers to whole numbers without scaling: exact, saturated */
MV__CU_DEV void mv__cu_whole_store(void *p, long long i, int type, int negative, mv__cu_u64 v) {
    const int is_signed = type == MEDVOL_I8 || type == MEDVOL_I16 || type == MEDVOL_I32 || type == MEDVOL_I64;
    const int bytes = type == MEDVOL_U8 || type == MEDVOL_I8     ? 1
                      : type == MEDVOL_U16 || type == MEDVOL_I16 ? 2
                      : type == MEDVOL_U32 || type == MEDVOL_I32 ? 4
                                                                 : 8;
    const mv__cu_u64 top = (mv__cu_u64)1 << (8 * bytes - 1), most = is_signed ? top - 1 : top - 1 + top;
    if (negative) {
        const mv__cu_u64 size = 0 - v; /* of the number */
        v = !is_signed ? 0 : size > top ? 0 - top : v;
    } else if (v > most) v = most;
    mv__cu_any_raw(p, i, bytes, v);
}
MV__CU_KERNEL(MV__CU_B, 4) mv__cu_k_whole(void *d, const void *s, mv__cu_walk w, int dt, int st) {
    long long a, b, at, n, i;
    if (!mv__cu_walk_item(w, &a, &b, &at, &n)) return;
    for (i = (int)threadIdx.x & 31; i < n; i += 32) {
        const long long of = b + (at + i) * w.sx;
        long long v = 0;
        switch (st) {
            case MEDVOL_U8: v = ((const unsigned char *)s)[of]; break;
            case MEDVOL_I8: v = ((const signed char *)s)[of]; break;
            case MEDVOL_U16: v = ((const unsigned short *)s)[of]; break;
            case MEDVOL_I16: v = ((const short *)s)[of]; break;
            case MEDVOL_U32: v = ((const unsigned *)s)[of]; break;
            case MEDVOL_I32: v = ((const int *)s)[of]; break;
            default: v = ((const long long *)s)[of];
        }
        mv__cu_whole_store(d, a + (at + i) * w.dx, dt, st != MEDVOL_U64 && v < 0, (mv__cu_u64)v);
    }
}
/* Bytes as they are; element sizes 1, 2, 4, 8 */
MV__CU_FN mv_status mv__cu_map_same(mv_cuda_ctx *ctx, const char *op, void *d, const void *s, size_t size,
                                    const mv__cu_walk *w) {
    const mv__cu_op_same f = mv__cu_op_same();
    if (d == s) return MEDVOL_OK;
    if (w->rows == 1 && w->dx == 1 && w->sx == 1)
        return MV__CU_TRY(ctx, op, cudaMemcpyAsync,
                          (d, s, size * (size_t)w->len, cudaMemcpyDeviceToDevice, ctx->stream));
    switch (size) {
        case 1: return mv__cu_map(ctx, op, (unsigned char *)d, (const unsigned char *)s, w, f);
        case 2: return mv__cu_map(ctx, op, (unsigned short *)d, (const unsigned short *)s, w, f);
        case 4: return mv__cu_map(ctx, op, (unsigned *)d, (const unsigned *)s, w, f);
        default: return mv__cu_map(ctx, op, (mv__cu_u64 *)d, (const mv__cu_u64 *)s, w, f);
    }
}
/* d = line(s) into float, s of a narrow type */
MV__CU_FN mv_status mv__cu_map_line(mv_cuda_ctx *ctx, const char *op, float *d, const void *s, mv_dtype st,
                                    const mv__cu_walk *w, const mv__cu_op_line *f) {
    switch (st) {
        case MEDVOL_U8: return mv__cu_map(ctx, op, d, (const unsigned char *)s, w, *f);
        case MEDVOL_I8: return mv__cu_map(ctx, op, d, (const signed char *)s, w, *f);
        case MEDVOL_U16: return mv__cu_map(ctx, op, d, (const unsigned short *)s, w, *f);
        case MEDVOL_I16: return mv__cu_map(ctx, op, d, (const short *)s, w, *f);
        case MEDVOL_F16: return mv__cu_map(ctx, op, d, (const mv__cu_half *)s, w, *f);
        case MEDVOL_BF16: return mv__cu_map(ctx, op, d, (const mv__cu_bhalf *)s, w, *f);
        default: return mv__cu_map(ctx, op, d, (const float *)s, w, *f);
    }
}
MV__CU_FN mv_status mv__cu_map_cast(mv_cuda_ctx *ctx, const char *op, void *d, mv_dtype dt, const float *s,
                                    const mv__cu_walk *w) {
    const mv__cu_op_cast f = mv__cu_op_cast();
    switch (dt) {
        case MEDVOL_U8: return mv__cu_map(ctx, op, (unsigned char *)d, s, w, f);
        case MEDVOL_I8: return mv__cu_map(ctx, op, (signed char *)d, s, w, f);
        case MEDVOL_U16: return mv__cu_map(ctx, op, (unsigned short *)d, s, w, f);
        case MEDVOL_I16: return mv__cu_map(ctx, op, (short *)d, s, w, f);
        case MEDVOL_F16: return mv__cu_map(ctx, op, (mv__cu_half *)d, s, w, f);
        default: return mv__cu_map(ctx, op, (mv__cu_bhalf *)d, s, w, f);
    }
}

/* ---- conversion ---- */
/* The reals of a complex volume, the bytes of one that is neither. */
MV__CU_FN mv_volume mv__cu_vol_parts(const mv_volume *v) {
    mv_volume w = *v;
    const size_t size = mv_dtype_size(v->dtype), n = mv__cu_is_complex(v->dtype) ? 2 : size;
    int d;
    if (mv__cu_is_real(v->dtype)) return w;
    w.dtype = v->dtype == MEDVOL_C64 ? MEDVOL_F32 : v->dtype == MEDVOL_C128 ? MEDVOL_F64 : MEDVOL_U8;
    for (d = 1; d < 7; d++) w.stride[d] *= (ptrdiff_t)n;
    w.dim[0] *= n;
    return w;
}
/* dst = src * slope + inter; same shape, types that go together */
MV__CU_FN mv_status mv__cu_vol_convert(mv_cuda_ctx *ctx, const char *op, const mv_volume *dst,
                                       const mv_volume *src, double slope, double inter) {
    const mv_volume d = mv__cu_vol_parts(dst), s = mv__cu_vol_parts(src);
    const int scaled = mv__cu_scaled(slope, inter), aside = d.data != s.data;
    unsigned grid = 0;
    mv__cu_walk w;
    mv__cu_any f;
    mv_status st;
    mv__cu_walk_init(&w, &d, &s, -1);
    if (!scaled && d.dtype == s.dtype)
        return mv__cu_map_same(ctx, op, d.data, s.data, mv_dtype_size(d.dtype), &w);
    if (!scaled && d.dtype != MEDVOL_F32 && s.dtype == MEDVOL_F32 && mv__cu_is_narrow(d.dtype) && aside)
        return mv__cu_map_cast(ctx, op, d.data, d.dtype, (const float *)s.data, &w);
    if (!scaled && mv__cu_is_integer(d.dtype) && mv__cu_is_integer(s.dtype)) {
        if ((st = mv__cu_grid(ctx, op, mv__cu_walk_blocks(&w), &grid)) < 0) return st;
        MV__CU_LAUNCH(mv__cu_k_whole, grid, MV__CU_B, 0, ctx->stream, d.data, (const void *)s.data, w,
                      (int)d.dtype, (int)s.dtype);
        return mv__cu_launched(ctx, op);
    }
    if (d.dtype == MEDVOL_F32 && mv__cu_is_narrow(s.dtype) && s.dtype != MEDVOL_F32) {
        mv__cu_op_line line;
        memset(&line, 0, sizeof line);
        line.a.dk = scaled ? slope : 1.0;
        line.a.db = scaled ? inter : 0.0;
        mv__cu_line_set(&line.a, 1.0, 0.0, 0.0);
        return mv__cu_map_line(ctx, op, (float *)d.data, s.data, s.dtype, &w, &line);
    }
    memset(&f, 0, sizeof f);
    f.kind = MV__CU_ANY_SCALE;
    f.dt = (int)d.dtype, f.st = (int)s.dtype;
    f.scaled = scaled;
    f.slope = slope, f.inter = inter;
    return mv__cu_map_any(ctx, op, d.data, s.data, &w, &f);
}
/* The checks of mv_convert; slope and inter: what is applied to stored values */
MV__CU_FN mv_status mv__cu_convert_plan(mv_cuda_ctx *ctx, const char *op, const mv_volume *dst,
                                        const mv_volume *src, mv_dtype *dtype, const mv_convert_opt *opt,
                                        double *slope, double *inter) {
    const double os = opt ? opt->slope : 0.0, oi = opt ? opt->inter : 0.0;
    const int keep = opt && opt->keep_scaling;
    if (*dtype == MEDVOL_NONE) *dtype = dst->data ? dst->dtype : src->dtype;
    if (!(*dtype == src->dtype || (mv__cu_is_real(*dtype) && mv__cu_is_real(src->dtype)) ||
          (mv__cu_is_complex(*dtype) && mv__cu_is_complex(src->dtype))))
        return mv__cu_fail(ctx, MEDVOL_E_DTYPE, "dtype", (double)*dtype, "%s: from %s to %s: not defined", op,
                           mv_dtype_name(src->dtype), mv_dtype_name(*dtype));
    if (!mv__cu_finite(os) || !mv__cu_finite(oi))
        return mv__cu_fail(ctx, MEDVOL_E_RANGE, "slope", os, "%s: slope = %g, inter = %g: must be finite", op,
                           os, oi);
    if (os != 0.0 && (keep || !mv__cu_is_integer(*dtype)))
        return mv__cu_fail(ctx, MEDVOL_E_RANGE, "slope", os,
                           "%s: a slope is for integer types without keep_scaling", op);
    mv__cu_vol_scaling(src, slope, inter);
    if (keep) *slope = 1.0, *inter = 0.0;
    if (os != 0.0) {
        *slope /= os;
        *inter = (*inter - oi) / os;
        if (!mv__cu_finite(*slope) || *slope == 0.0 || !mv__cu_finite(*inter))
            return mv__cu_fail(ctx, MEDVOL_E_RANGE, "slope", os,
                               "%s: slope = %g, inter = %g: out of reach of a double", op, os, oi);
    }
    return MEDVOL_OK;
}
MV__CU_FN void mv__cu_convert_mark(mv_volume *out, const mv_convert_opt *opt) { /* the result's scaling */
    if (opt && opt->keep_scaling) return;
    out->slope = opt && opt->slope != 0.0 ? opt->slope : 1.0;
    out->inter = opt && opt->slope != 0.0 ? opt->inter : 0.0;
}
MV__CU_FN mv_status mv__cu_convert(mv_cuda_ctx *ctx, const char *op, mv_cuda_volume *dst,
                                   const mv_cuda_volume *src, mv_dtype dtype, const mv_convert_opt *opt) {
    mv_cuda_volume out;
    double slope, inter;
    mv_status st = mv__cu_vol_check(ctx, op, "src", src);
    if (st < 0) return st;
    if (!dst) return mv__cu_fail_null(ctx, op, "dst");
    if ((st = mv__cu_convert_plan(ctx, op, dst, src, &dtype, opt, &slope, &inter)) < 0) return st;
    st = mv__cu_out_begin(ctx, op, &out, dst, src, dtype, src->ndim, src->dim, MV__CU_INPLACE);
    if (st < 0) return st;
    mv__cu_convert_mark(&out, opt);
    return mv__cu_out_end(ctx, mv__cu_vol_convert(ctx, op, &out, src, slope, inter), &out, dst);
}
MEDVOL_DEF mv_status mv_cuda_convert(mv_cuda_ctx *ctx, mv_cuda_volume *dst, const mv_cuda_volume *src,
                                     mv_dtype dtype, const mv_convert_opt *opt) {
    mv_status st = mv__cu_begin(ctx, "convert");
    if (st < 0) return st;
    return mv__cu_end(ctx, mv__cu_convert(ctx, "convert", dst, src, dtype, opt));
}
MEDVOL_DEF mv_status mv_cuda_volume_copy(mv_cuda_ctx *ctx, mv_cuda_volume *dst, const mv_cuda_volume *src) {
    mv_convert_opt keep;
    mv_status st = mv__cu_begin(ctx, "volume_copy");
    if (st < 0) return st;
    memset(&keep, 0, sizeof keep);
    keep.keep_scaling = 1;
    return mv__cu_end(ctx,
                      mv__cu_convert(ctx, "volume_copy", dst, src, src ? src->dtype : MEDVOL_NONE, &keep));
}

/* ---- transfers ---- */
/* Two pinned buffers and their events, made when first needed */
MV__CU_FN mv_status mv__cu_stages(mv_cuda_ctx *ctx, const char *op) {
    mv_status st = MEDVOL_OK;
    int i;
    if (ctx->capturing)
        return mv__cu_fail(ctx, MEDVOL_E_BUSY, "capture", 0,
                           "%s: pageable or strided host memory cannot be captured: pin it", op);
    for (i = 0; i < 2 && st == MEDVOL_OK; i++) {
        cudaEvent_t e;
        if (!ctx->stage[i]) st = MV__CU_TRY(ctx, op, cudaMallocHost, (&ctx->stage[i], (size_t)MV__CU_STAGE));
        if (st < 0) ctx->stage[i] = NULL;
        if (st < 0 || ctx->staged[i]) continue;
        st = MV__CU_TRY(ctx, op, cudaEventCreateWithFlags, (&e, cudaEventDisableTiming));
        if (st == MEDVOL_OK) ctx->staged[i] = (void *)e;
    }
    return st;
}
/* n bytes from byte `at` of the volume's voxels in order, to or from a buffer; unit: bytes a row */
MV__CU_FN void mv__cu_pick(const mv_volume *v, size_t at, unsigned char *buf, size_t n, int in) {
    const size_t size = mv_dtype_size(v->dtype), unit = v->dim[0] * size;
    while (n > 0) {
        size_t row = at / unit, off = at % unit, m = unit - off < n ? unit - off : n, p = off;
        int d;
        for (d = 1; d < v->ndim; d++) {
            p += row % v->dim[d] * (size_t)v->stride[d] * size;
            row /= v->dim[d];
        }
        if (in) memcpy((unsigned char *)v->data + p, buf, m);
        else memcpy(buf, (const unsigned char *)v->data + p, m);
        buf += m, at += m, n -= m;
    }
}
MV__CU_FN mv_status mv__cu_host_copy(mv_cuda_ctx *ctx, const char *op, void *device, const mv_volume *host,
                                     int up) {
    const size_t bytes = mv_volume_count(host) * mv_dtype_size(host->dtype);
    const enum cudaMemcpyKind kind = up ? cudaMemcpyHostToDevice : cudaMemcpyDeviceToHost;
    size_t at, n, last = 0, lastn = 0;
    int where = MV__CU_PAGEABLE, k = 0;
    mv_status st;
    if ((st = mv__cu_where(ctx, op, host->data, &where)) < 0) return st;
    if (where <= MV__CU_REACHED)
        return mv__cu_fail(ctx, MEDVOL_E_POINTER, "host", 0, "%s: the host volume lies in device memory", op);
    if (where == MV__CU_PINNED && mv_volume_contiguous(host))
        return up ? MV__CU_TRY(ctx, op, cudaMemcpyAsync, (device, host->data, bytes, kind, ctx->stream))
                  : MV__CU_TRY(ctx, op, cudaMemcpyAsync, (host->data, device, bytes, kind, ctx->stream));
    if ((st = mv__cu_stages(ctx, op)) < 0) return st;
    for (at = 0; at < bytes && st == MEDVOL_OK; at += n, k ^= 1) {
        unsigned char *p = (unsigned char *)device + at;
        n = bytes - at < (size_t)MV__CU_STAGE ? bytes - at : (size_t)MV__CU_STAGE;
        /* the buffer is free once the copy before the last is done */
        if (up) {
            st = MV__CU_TRY(ctx, op, cudaEventSynchronize, ((cudaEvent_t)ctx->staged[k]));
            if (st < 0) return st;
            mv__cu_pick(host, at, (unsigned char *)ctx->stage[k], n, 0);
        }
        st = up ? MV__CU_TRY(ctx, op, cudaMemcpyAsync, (p, ctx->stage[k], n, kind, ctx->stream))
                : MV__CU_TRY(ctx, op, cudaMemcpyAsync, (ctx->stage[k], p, n, kind, ctx->stream));
        if (st == MEDVOL_OK)
            st = MV__CU_TRY(ctx, op, cudaEventRecord, ((cudaEvent_t)ctx->staged[k], ctx->stream));
        if (st < 0 || up) continue;
        if (lastn) { /* while this one comes, the one before is put away */
            st = MV__CU_TRY(ctx, op, cudaEventSynchronize, ((cudaEvent_t)ctx->staged[k ^ 1]));
            if (st == MEDVOL_OK) mv__cu_pick(host, last, (unsigned char *)ctx->stage[k ^ 1], lastn, 1);
        }
        last = at, lastn = n;
    }
    if (st < 0 || up) return st;
    st = MV__CU_TRY(ctx, op, cudaEventSynchronize, ((cudaEvent_t)ctx->staged[k ^ 1]));
    if (st == MEDVOL_OK) mv__cu_pick(host, last, (unsigned char *)ctx->stage[k ^ 1], lastn, 1);
    return st;
}
MV__CU_FN mv_status mv__cu_upload(mv_cuda_ctx *ctx, mv_cuda_volume *dst, const mv_volume *src, mv_dtype dtype,
                                  const mv_convert_opt *opt) {
    static const char op[] = "upload";
    mv_cuda_volume out, raw;
    double slope, inter;
    int direct;
    mv_status st = mv__cu_vol_form(ctx, op, "src", src);
    if (st < 0) return st;
    if (!dst) return mv__cu_fail_null(ctx, op, "dst");
    if (dst == src) return mv__cu_fail(ctx, MEDVOL_E_ALIAS, "dst", 0, "%s: dst is src", op);
    if ((st = mv__cu_convert_plan(ctx, op, dst, src, &dtype, opt, &slope, &inter)) < 0) return st;
    st = mv__cu_out_begin(ctx, op, &out, dst, src, dtype, src->ndim, src->dim, 0);
    if (st < 0) return st;
    direct = dtype == src->dtype && !mv__cu_scaled(slope, inter) && mv_volume_contiguous(&out);
    if (direct) st = mv__cu_host_copy(ctx, op, out.data, src, 1);
    else {
        mv__cu_vol_init(&raw, src->dtype, src->ndim, src->dim, NULL);
        raw.map_bytes = mv_volume_count(src) * mv_dtype_size(src->dtype);
        raw.data = raw.owner = mv__cu_alloc(ctx, op, (size_t)raw.map_bytes, &st);
        if (st == MEDVOL_OK) st = mv__cu_host_copy(ctx, op, raw.data, src, 1);
        if (st == MEDVOL_OK) st = mv__cu_vol_convert(ctx, op, &out, &raw, slope, inter);
        mv__cu_vol_release(ctx, &raw);
    }
    mv__cu_convert_mark(&out, opt);
    return mv__cu_out_end(ctx, st, &out, dst);
}
MEDVOL_DEF mv_status mv_cuda_upload(mv_cuda_ctx *ctx, mv_cuda_volume *dst, const mv_volume *src,
                                    mv_dtype dtype, const mv_convert_opt *opt) {
    mv_status st = mv__cu_begin(ctx, "upload");
    if (st < 0) return st;
    return mv__cu_end(ctx, mv__cu_upload(ctx, dst, src, dtype, opt));
}
/* Where the result on the host goes: dst's memory, or new */
MV__CU_FN mv_status mv__cu_host_out(mv_cuda_ctx *ctx, const char *op, mv_volume *out, const mv_volume *dst,
                                    const mv_cuda_volume *src, mv_dtype dtype) {
    mv_ctx host;
    mv_status st;
    memset(out, 0, sizeof *out);
    if (dst->data) {
        if ((st = mv__cu_vol_form(ctx, op, "dst", dst)) < 0) return st;
        if (dst->dtype != dtype)
            return mv__cu_fail(ctx, MEDVOL_E_DTYPE, "dst", (double)dst->dtype,
                               "%s: dst has type %s: the result is %s", op, mv_dtype_name(dst->dtype),
                               mv_dtype_name(dtype));
        if (!mv__cu_vol_same_shape(dst, src->ndim, src->dim))
            return mv__cu_fail(ctx, MEDVOL_E_SHAPE, "dst", (double)dst->dim[0], "%s: dst has another shape",
                               op);
        *out = *dst;
    } else {
        memset(&host, 0, sizeof host);
        if ((st = mv_volume_alloc(&host, out, dtype, src->ndim, src->dim)) < 0) {
            ctx->error = host.error;
            return st;
        }
    }
    mv__cu_vol_geometry(out, src);
    return MEDVOL_OK;
}
MV__CU_FN mv_status mv__cu_download(mv_cuda_ctx *ctx, mv_volume *dst, const mv_cuda_volume *src,
                                    mv_dtype dtype, const mv_convert_opt *opt) {
    static const char op[] = "download";
    mv_volume out;
    mv_cuda_volume raw;
    double slope, inter;
    mv_status st = mv__cu_vol_check(ctx, op, "src", src);
    if (st < 0) return st;
    if (!dst) return mv__cu_fail_null(ctx, op, "dst");
    if (dst == src) return mv__cu_fail(ctx, MEDVOL_E_ALIAS, "dst", 0, "%s: dst is src", op);
    if ((st = mv__cu_convert_plan(ctx, op, dst, src, &dtype, opt, &slope, &inter)) < 0) return st;
    if ((st = mv__cu_host_out(ctx, op, &out, dst, src, dtype)) < 0) return st;
    if (dtype == src->dtype && !mv__cu_scaled(slope, inter) && mv_volume_contiguous(src))
        st = mv__cu_host_copy(ctx, op, src->data, &out, 0);
    else {
        memset(&raw, 0, sizeof raw);
        st = mv__cu_vol_alloc(ctx, op, &raw, dtype, src->ndim, src->dim);
        if (st == MEDVOL_OK) st = mv__cu_vol_convert(ctx, op, &raw, src, slope, inter);
        if (st == MEDVOL_OK) st = mv__cu_host_copy(ctx, op, raw.data, &out, 0);
        mv__cu_vol_release(ctx, &raw);
    }
    mv__cu_convert_mark(&out, opt);
    if (st == MEDVOL_OK) *dst = out;
    else if (!dst->data) mv_volume_free(NULL, &out);
    return st;
}
MEDVOL_DEF mv_status mv_cuda_download(mv_cuda_ctx *ctx, mv_volume *dst, const mv_cuda_volume *src,
                                      mv_dtype dtype, const mv_convert_opt *opt) {
    mv_status st = mv__cu_begin(ctx, "download");
    if (st < 0) return st;
    return mv__cu_end(ctx, mv__cu_download(ctx, dst, src, dtype, opt));
}
MEDVOL_DEF mv_status mv_cuda_host_alloc(mv_cuda_ctx *ctx, void **block, size_t bytes) {
    mv_status st = mv__cu_begin(ctx, "host_alloc");
    if (st < 0) return st;
    if (!block) return mv__cu_end(ctx, mv__cu_fail_null(ctx, "host_alloc", "block"));
    *block = NULL;
    if (bytes == 0)
        return mv__cu_end(ctx, mv__cu_fail(ctx, MEDVOL_E_SIZE, "bytes", 0, "host_alloc: bytes = 0"));
    return mv__cu_end(ctx, MV__CU_TRY(ctx, "host_alloc", cudaMallocHost, (block, bytes)));
}
MEDVOL_DEF mv_status mv_cuda_host_free(mv_cuda_ctx *ctx, void *block) {
    mv_status st = mv__cu_begin(ctx, "host_free");
    if (st < 0) return st;
    return mv__cu_end(ctx, block ? MV__CU_TRY(ctx, "host_free", cudaFreeHost, (block)) : MEDVOL_OK);
}
MEDVOL_DEF mv_status mv_cuda_host_register(mv_cuda_ctx *ctx, void *block, size_t bytes) {
    mv_status st = mv__cu_begin(ctx, "host_register");
    if (st < 0) return st;
    if (!block) return mv__cu_end(ctx, mv__cu_fail_null(ctx, "host_register", "block"));
    if (bytes == 0)
        return mv__cu_end(ctx, mv__cu_fail(ctx, MEDVOL_E_SIZE, "bytes", 0, "host_register: bytes = 0"));
    return mv__cu_end(ctx, MV__CU_TRY(ctx, "host_register", cudaHostRegister, (block, bytes, 0)));
}
MEDVOL_DEF mv_status mv_cuda_host_unregister(mv_cuda_ctx *ctx, void *block) {
    mv_status st = mv__cu_begin(ctx, "host_unregister");
    if (st < 0) return st;
    if (!block) return mv__cu_end(ctx, mv__cu_fail_null(ctx, "host_unregister", "block"));
    return mv__cu_end(ctx, MV__CU_TRY(ctx, "host_unregister", cudaHostUnregister, (block)));
}
/* `after` waits for what `of` has been given so far. */
MV__CU_FN mv_status mv__cu_order(mv_cuda_ctx *ctx, const char *op, mv_cuda_ctx *after, mv_cuda_ctx *of) {
    cudaEvent_t e;
    mv_status st = MV__CU_TRY(ctx, op, cudaSetDevice, (of->device));
    if (st == MEDVOL_OK) st = MV__CU_TRY(ctx, op, cudaEventCreateWithFlags, (&e, cudaEventDisableTiming));
    if (st < 0) return st;
    st = MV__CU_TRY(ctx, op, cudaEventRecord, (e, of->stream));
    if (st == MEDVOL_OK) st = MV__CU_TRY(ctx, op, cudaStreamWaitEvent, (after->stream, e, 0));
    (void)cudaEventDestroy(e);
    return st;
}
MEDVOL_DEF mv_status mv_cuda_copy_peer(mv_cuda_ctx *to, mv_cuda_volume *dst, mv_cuda_ctx *from,
                                       const mv_cuda_volume *src) {
    static const char op[] = "copy_peer";
    mv_cuda_volume out;
    size_t bytes;
    mv_status st = mv__cu_begin(to, op);
    if (st < 0) return st;
    if (!from || !dst) return mv__cu_end(to, mv__cu_fail_null(to, op, from ? "dst" : "from"));
    if (from->state != MV__CU_LIVE || to->capturing || from->capturing)
        return mv__cu_end(to, mv__cu_fail(to, MEDVOL_E_BUSY, "from", 0,
                                          "%s: both contexts must be in use and not capturing", op));
    if ((st = mv__cu_vol_check(from, op, "src", src)) < 0) {
        to->error = from->error;
        return mv__cu_end(to, st);
    }
    if (dst == src) return mv__cu_end(to, mv__cu_fail(to, MEDVOL_E_ALIAS, "dst", 0, "%s: dst is src", op));
    if (!mv_volume_contiguous(src) || (dst->data && !mv_volume_contiguous(dst)))
        return mv__cu_end(to,
                          mv__cu_fail(to, MEDVOL_E_SHAPE, "stride", 0, "%s: both must be contiguous", op));
    st = mv__cu_out_begin(to, op, &out, dst, src, src->dtype, src->ndim, src->dim, 0);
    if (st < 0) return mv__cu_end(to, st);
    bytes = mv_volume_count(src) * mv_dtype_size(src->dtype);
    if (to != from) st = mv__cu_order(to, op, to, from);
    if (st == MEDVOL_OK) st = MV__CU_TRY(to, op, cudaSetDevice, (to->device));
    if (st == MEDVOL_OK)
        st = MV__CU_TRY(to, op, cudaMemcpyPeerAsync,
                        (out.data, to->device, src->data, from->device, bytes, to->stream));
    if (st == MEDVOL_OK && to != from) st = mv__cu_order(to, op, from, to);
    (void)cudaSetDevice(to->device);
    return mv__cu_end(to, mv__cu_out_end(to, st, &out, dst));
}

/* ==== [STATS] moments in two stages, masks, layouts. Owns mv__cu_set*, mv__cu_part*, mv__cu_fold*. Uses
   [VOLUME]. Source: Chan, Golub, LeVeque 1983. =========================================================== */
/* What takes part: a volume, a mask (or NULL), one index of an axis (-1: all at once). */
typedef struct mv__cu_set {
    const char *op;
    const mv_cuda_volume *src, *mask;
    int nonzero, axis;
    size_t parts;
    size_t flat_bytes; /* scratch of one part: values in a row and bytes of the mask */
    double slope, inter, zero; /* zero: the stored value whose real one is 0, or NaN */
} mv__cu_set;
typedef struct mv__cu_flat {
    const void *x;
    const unsigned char *keep; /* or NULL */
    long long n;
} mv__cu_flat;
MV__CU_FN mv_cuda_volume mv__cu_part(const mv_cuda_volume *v, int axis, size_t i) {
    mv_cuda_volume w = *v;
    if (axis >= 0 && w.dim[axis] > 1) {
        w.data = (unsigned char *)w.data + i * (size_t)w.stride[axis] * mv_dtype_size(w.dtype);
        w.dim[axis] = 1;
    }
    w.owner = NULL;
    return w;
}
MV__CU_FN int mv__cu_part_flat(const mv_cuda_volume *p) {
    mv__cu_walk w;
    mv__cu_walk_init(&w, p, p, -1);
    return w.rows == 1 && w.dx == 1;
}
MV__CU_FN int mv__cu_mask_direct(const mv_cuda_volume *m, const mv_cuda_volume *p) {
    return m->dtype == MEDVOL_U8 && (m->inter == 0.0 || !mv__cu_scaled(m->slope, m->inter)) &&
           mv__cu_vol_same_shape(m, p->ndim, p->dim) && mv__cu_part_flat(m);
}
MV__CU_FN mv_status mv__cu_set_begin(mv_cuda_ctx *ctx, const char *op, mv__cu_set *s,
                                     const mv_cuda_volume *src, const mv_volume *mask, const uint8_t *mask8,
                                     int nonzero, int split) {
    mv_cuda_volume p, m;
    double z;
    int d;
    mv_status st = mv__cu_vol_check_real(ctx, op, "src", src);
    memset(s, 0, sizeof *s);
    if (st < 0) return st;
    if (mask8)
        return mv__cu_fail(ctx, MEDVOL_E_RANGE, "mask8", 0, "%s: mask8 is for arrays: give a mask volume",
                           op);
    if (!(split >= 0 && split <= src->ndim))
        return mv__cu_fail(ctx, MEDVOL_E_RANGE, "split", split, "%s: split = %d: must be 0..%d", op, split,
                           src->ndim);
    if (mask && (st = mv__cu_vol_check_real(ctx, op, "mask", mask)) < 0) return st;
    for (d = 0; mask && d < 7; d++) {
        const size_t a = d < mask->ndim ? mask->dim[d] : 1, b = d < src->ndim ? src->dim[d] : 1;
        if (a != b && a != 1)
            return mv__cu_fail(ctx, MEDVOL_E_SHAPE, "mask", (double)a,
                               "%s: mask: dim[%d] = %zu: must be %zu or 1", op, d, a, b);
    }
    s->op = op;
    s->src = src, s->mask = mask;
    s->nonzero = nonzero != 0;
    s->axis = split - 1;
    s->parts = split ? src->dim[split - 1] : 1;
    mv__cu_vol_scaling(src, &s->slope, &s->inter);
    z = -s->inter / s->slope;
    if (mv__cu_is_integer(src->dtype)) z = rint(z);
    if (src->dtype == MEDVOL_F32) z = (double)(float)z;
    s->zero = z * s->slope + s->inter == 0.0 ? z + 0.0 : (double)NAN;
    p = mv__cu_part(src, s->axis, 0);
    if (!mv__cu_part_flat(&p)) s->flat_bytes = mv__cu_round(mv_volume_count(&p) * mv_dtype_size(p.dtype));
    if (mask) {
        m = mv__cu_part(mask, s->axis, 0);
        if (!mv__cu_mask_direct(&m, &p)) s->flat_bytes += mv__cu_round(mv_volume_count(&p));
    }
    return MEDVOL_OK;
}
/* Part i as values in a row, and its mask as bytes. */
MV__CU_FN mv_status mv__cu_flatten(mv_cuda_ctx *ctx, const mv__cu_set *s, size_t i, mv__cu_flat *f) {
    mv_cuda_volume p = mv__cu_part(s->src, s->axis, i), m, c;
    mv__cu_walk w;
    mv__cu_any any;
    mv_status st = MEDVOL_OK;
    f->x = p.data;
    f->keep = NULL;
    f->n = (long long)mv_volume_count(&p);
    if (!mv__cu_part_flat(&p)) {
        mv__cu_vol_init(&c, p.dtype, p.ndim, p.dim, NULL);
        f->x = c.data = mv__cu_take(ctx, mv__cu_round((size_t)f->n * mv_dtype_size(p.dtype)));
        mv__cu_walk_init(&w, &c, &p, -1);
        st = mv__cu_map_same(ctx, s->op, c.data, p.data, mv_dtype_size(p.dtype), &w);
    }
    if (!s->mask || st < 0) return st;
    m = mv__cu_part(s->mask, s->axis, i);
    f->keep = (const unsigned char *)m.data;
    if (mv__cu_mask_direct(&m, &p)) return st;
    mv__cu_vol_init(&c, MEDVOL_U8, p.ndim, p.dim, NULL);
    f->keep = (const unsigned char *)(c.data = mv__cu_take(ctx, mv__cu_round((size_t)f->n)));
    mv__cu_walk_init(&w, &c, &m, -1);
    memset(&any, 0, sizeof any);
    any.kind = MV__CU_ANY_MASK;
    any.dt = MEDVOL_U8, any.st = (int)m.dtype;
    mv__cu_vol_scaling(&m, &any.slope, &any.inter);
    any.scaled = mv__cu_scaled(any.slope, any.inter) && any.inter != 0.0;
    return mv__cu_map_any(ctx, s->op, c.data, m.data, &w, &any);
}

/* ---- moments of one thread, then of a warp, of a block, of all. The mean is c + off, c a value of the data,
   so that what means differ by is not lost where all lie far from 0. ---- */
typedef struct mv__cu_moment {
    uint64_t n, nan, above, below;
    double c, off, m2, min, max;
} mv__cu_moment;
MV__CU_DEV void mv__cu_part_merge(mv__cu_moment *a, const mv__cu_moment &b) {
    const double na = (double)a->n, nb = (double)b.n, d = (b.c - a->c) + (b.off - a->off);
    a->nan += b.nan;
    a->above += b.above;
    a->below += b.below;
    if (b.n == 0) return;
    if (a->n == 0) {
        a->n = b.n, a->c = b.c, a->off = b.off, a->m2 = b.m2, a->min = b.min, a->max = b.max;
        return;
    }
    a->n += b.n;
    a->off += d * (nb / (na + nb));
    a->m2 += b.m2 + d * d * (na * (nb / (na + nb)));
    a->min = b.min < a->min ? b.min : a->min;
    a->max = b.max > a->max ? b.max : a->max;
}
MV__CU_DEV void mv__cu_part_down(mv__cu_moment *a, int d) {
    mv__cu_moment b;
    b.n = (uint64_t)mv__cu_shfl_down((mv__cu_u64)a->n, d);
    b.nan = (uint64_t)mv__cu_shfl_down((mv__cu_u64)a->nan, d);
    b.above = (uint64_t)mv__cu_shfl_down((mv__cu_u64)a->above, d);
    b.below = (uint64_t)mv__cu_shfl_down((mv__cu_u64)a->below, d);
    b.c = mv__cu_shfl_down(a->c, d);
    b.off = mv__cu_shfl_down(a->off, d);
    b.m2 = mv__cu_shfl_down(a->m2, d);
    b.min = mv__cu_shfl_down(a->min, d);
    b.max = mv__cu_shfl_down(a->max, d);
    mv__cu_part_merge(a, b);
}
MV__CU_DEV void mv__cu_part_clear(mv__cu_moment *a) {
    a->n = a->nan = a->above = a->below = 0;
    a->c = a->off = a->m2 = a->min = a->max = 0.0;
}
typedef struct mv__cu_warps { mv__cu_moment p[MV__CU_B / 32]; } mv__cu_warps;
/* Of a block, neighbours first; valid in thread 0. */
MV__CU_DEV void mv__cu_part_block(mv__cu_moment *a, mv__cu_warps *sh) {
    const int lane = (int)threadIdx.x & 31, warp = (int)threadIdx.x >> 5;
    int d;
    for (d = 1; d < 32; d <<= 1) mv__cu_part_down(a, d);
    if (lane == 0) sh->p[warp] = *a;
    mv__cu_sync();
    if (warp == 0) {
        if (lane < MV__CU_B / 32) *a = sh->p[lane];
        else mv__cu_part_clear(a);
        for (d = 1; d < MV__CU_B / 32; d <<= 1) mv__cu_part_down(a, d);
    }
}
template <class A> struct mv__cu_moments { /* about the first value seen, which bounds what cancels */
    unsigned n, nan, above, below;
    A lo, hi;
    double c, s1, s2;
    MV__CU_IN void clear() { n = nan = above = below = 0u, lo = hi = (A)0, c = s1 = s2 = 0.0; }
    MV__CU_IN void add(A v) {
        double d;
        if (!(v - v == (A)0)) {
            nan += v != v, above += v > (A)0, below += v < (A)0;
            return;
        }
        if (n++ == 0) c = (double)v, lo = hi = v;
        d = (double)v - c;
        s1 += d;
        s2 += d * d;
        lo = v < lo ? v : lo;
        hi = v > hi ? v : hi;
    }
    MV__CU_IN void part(mv__cu_moment *p) const {
        const double m = (double)n;
        mv__cu_part_clear(p);
        p->n = n, p->nan = nan, p->above = above, p->below = below;
        if (n == 0) return;
        p->c = c;
        p->off = s1 / m;
        p->m2 = s2 - s1 * s1 / m;
        if (p->m2 < 0.0) p->m2 = 0.0;
        p->min = (double)lo;
        p->max = (double)hi;
    }
};
template <class T> struct mv__cu_as { typedef double type; };
template <> struct mv__cu_as<unsigned char> { typedef float type; };
template <> struct mv__cu_as<signed char> { typedef float type; };
template <> struct mv__cu_as<unsigned short> { typedef float type; };
template <> struct mv__cu_as<short> { typedef float type; };
template <> struct mv__cu_as<mv__cu_half> { typedef float type; };
template <> struct mv__cu_as<mv__cu_bhalf> { typedef float type; };
template <> struct mv__cu_as<float> { typedef float type; };
/* One chunk a block. Which values a thread takes depends on the chunk alone. */
template <class T> MV__CU_KERNEL(MV__CU_B, 3)
mv__cu_k_moments(mv__cu_moment *out, const T *x, const unsigned char *keep, long long n, int nonzero,
                 double stored_zero, int packed) {
    typedef typename mv__cu_as<T>::type A;
    enum { N = 16 / (int)sizeof(T), U = N < 8 ? 4 : 1 };
    MV__CU_SHARED(mv__cu_warps, sh);
    const long long o = (long long)blockIdx.x * MV__CU_CHUNK;
    const int m = (int)(n - o < MV__CU_CHUNK ? n - o : MV__CU_CHUNK), groups = m / N, t = (int)threadIdx.x;
    const A zero = (A)stored_zero;
    mv__cu_moments<A> s;
    mv__cu_moment p;
    int g, u, k;
    s.clear();
    x += o;
    if (keep) keep += o;
    for (g = t; g < groups; g += U * MV__CU_B) {
        mv__cu_pack<T, N> in[U];
        MV__CU_UNROLL for (u = 0; u < U; u++)
            mv__cu_ldn<T, N>(in[u], x + (g + u * MV__CU_B) * N, packed, g + u * MV__CU_B < groups);
        MV__CU_UNROLL for (u = 0; u < U; u++) {
            if (g + u * MV__CU_B >= groups) break;
            MV__CU_UNROLL for (k = 0; k < N; k++) {
                const A v = (A)mv__cu_get(in[u].v[k]);
                if (keep && !keep[(g + u * MV__CU_B) * N + k]) continue;
                if (nonzero && v == zero) continue;
                s.add(v);
            }
        }
    }
    for (k = groups * N + t; k < m; k += MV__CU_B) {
        const A v = (A)mv__cu_get(x[k]);
        if (!(keep && !keep[k]) && !(nonzero && v == zero)) s.add(v);
    }
    s.part(&p);
    mv__cu_part_block(&p, &sh);
    if (t == 0) out[blockIdx.x] = p;
}

/* ---- what becomes of the moments ---- */
enum { MV__CU_TO_STATS, MV__CU_TO_ZNORM, MV__CU_TO_RESCALE, MV__CU_TO_GAMMA, MV__CU_TO_RANGE };
typedef struct mv__cu_fold {
    int what, sample, given_mean, given_sd, clip, keep0, as_float, data;
    double slope, inter, zero, mean, sd, out_min, out_max, g;
    void *to;
    int *words, *stop;
} mv__cu_fold;
MV__CU_DEV void mv__cu_fold_stats(mv_statistics *s, const mv_stats_part &p, int *words) {
    const double inf = HUGE_VAL, n = (double)p.n;
    s->nan = p.nan;
    s->inf = p.above + p.below;
    s->count = p.n + s->inf;
    s->min = p.below || !p.n ? (p.below ? -inf : inf) : p.min;
    s->max = p.above || !p.n ? (p.above ? inf : -inf) : p.max;
    s->sum = s->mean = p.above ? (p.below ? inf - inf : inf) : -inf;
    s->variance = s->variance_sample = s->sd = s->sd_sample = inf - inf;
    s->rms = inf;
    if (s->count == 0) mv__cu_raise(words, MEDVOL_E_EMPTY, MV__CU_NO_STATS);
    if (s->count == 0 || s->inf) return;
    s->sum = p.sum;
    s->mean = p.mean;
    s->variance = p.m2 / n;
    s->variance_sample = p.n > 1 ? p.m2 / (n - 1.0) : 0.0;
    s->sd = sqrt(s->variance);
    s->sd_sample = sqrt(s->variance_sample);
    s->rms = sqrt(s->variance + p.mean * p.mean);
}
MV__CU_DEV void mv__cu_line_clear(mv__cu_line *a) {
    a->mh = a->ml = a->kh = a->kl = a->b = a->lo = a->hi = a->zero = 0.0f;
    a->p = 1.0f;
    a->dm = a->db = a->dlo = a->dhi = 0.0;
    a->dk = 1.0;
    a->clip = a->keep0 = 0;
}
MV__CU_DEV void mv__cu_fold_znorm(mv__cu_line *a, const mv_stats_part &p, const mv__cu_fold &f) {
    double mean = f.mean, sd = f.sd;
    mv__cu_line_clear(a);
    if ((!f.given_mean || !f.given_sd) && p.n == 0) {
        *f.stop = 1;
        mv__cu_raise(f.words, MEDVOL_E_EMPTY, MV__CU_NO_ZNORM);
        return;
    }
    if (!f.given_mean) mean = p.mean;
    if (!f.given_sd)
        sd = f.sample ? (p.n > 1 ? sqrt(p.m2 / (double)(p.n - 1)) : 0.0) : sqrt(p.m2 / (double)p.n);
    a->dm = mean;
    a->dk = sd > 0.0 && 1.0 / sd - 1.0 / sd == 0.0 ? 1.0 / sd : 1.0;
    a->keep0 = f.keep0;
    mv__cu_line_set(a, f.slope, f.inter, f.zero);
}
/* From lo..hi; data: these are the least and the greatest. */
MV__CU_DEV void mv__cu_fold_rescale(mv__cu_line *a, double lo, double hi, const mv__cu_fold &f) {
    mv__cu_line_clear(a);
    if (!(hi - lo - (hi - lo) == 0.0)) {
        *f.stop = 1;
        mv__cu_raise(f.words, MEDVOL_E_RANGE, MV__CU_BAD_RANGE);
        return;
    }
    a->dm = lo;
    a->dk = hi > lo ? (f.out_max - f.out_min) / (hi - lo) : 0.0;
    a->db = f.out_min;
    a->clip = f.clip || f.data;
    a->dlo = f.out_min;
    a->dhi = f.out_max;
    a->keep0 = f.keep0;
    if (!(hi > lo) || !(a->dk - a->dk == 0.0)) a->dk = 1.0, a->clip = 1, a->dhi = f.out_min;
    mv__cu_line_set(a, f.slope, f.inter, f.zero);
}
MV__CU_DEV void mv__cu_fold_gamma(mv__cu_power *a, const mv_stats_part &p, const mv__cu_fold &f) {
    a->g = f.g;
    a->mode = MEDVOL_GAMMA_NORMALISED;
    a->lo = f.as_float ? (double)(float)p.min : p.min;
    a->range = (f.as_float ? (double)(float)p.max : p.max) - a->lo;
    a->scale = 1.0 / (a->range + 1e-7);
    a->flo = (float)a->lo, a->frange = (float)a->range, a->fscale = (float)a->scale;
    if (p.n > 0) return;
    *f.stop = 1;
    mv__cu_raise(f.words, MEDVOL_E_EMPTY, MV__CU_NO_RANGE);
}
MV__CU_DEV void mv__cu_fold_range(double *r, double lo, double hi, int n, int *words) {
    if (lo == hi) lo -= 0.5, hi += 0.5;
    r[0] = lo, r[1] = hi;
    r[2] = n && lo < hi && hi - lo - (hi - lo) == 0.0 ? 1.0 : 0.0;
    if (!n) mv__cu_raise(words, MEDVOL_E_EMPTY, MV__CU_NO_HISTOGRAM);
    else if (r[2] == 0.0) mv__cu_raise(words, MEDVOL_E_RANGE, MV__CU_BAD_HISTOGRAM);
}
/* From stored values to real ones */
MV__CU_DEV void mv__cu_fold_finish(const mv__cu_moment &s, const mv__cu_fold &f) {
    const double n = (double)s.n;
    const double a = mv__cu_add(mv__cu_mul(s.min, f.slope), f.inter),
                 b = mv__cu_add(mv__cu_mul(s.max, f.slope), f.inter);
    mv_stats_part p;
    p.n = s.n, p.nan = s.nan;
    p.above = f.slope < 0.0 ? s.below : s.above;
    p.below = f.slope < 0.0 ? s.above : s.below;
    p.min = (f.slope < 0.0 ? b : a) + 0.0; /* never -0 */
    p.max = (f.slope < 0.0 ? a : b) + 0.0;
    p.mean = (s.c + s.off) * f.slope + f.inter;
    p.sum = (s.c * n + s.off * n) * f.slope + f.inter * n;
    p.m2 = s.m2 * (f.slope * f.slope);
    switch (f.what) {
        case MV__CU_TO_STATS: mv__cu_fold_stats((mv_statistics *)f.to, p, f.words); break;
        case MV__CU_TO_ZNORM: mv__cu_fold_znorm((mv__cu_line *)f.to, p, f); break;
        case MV__CU_TO_GAMMA: mv__cu_fold_gamma((mv__cu_power *)f.to, p, f); break;
        case MV__CU_TO_RANGE: mv__cu_fold_range((double *)f.to, p.min, p.max, p.n > 0, f.words); break;
        default:
            if (p.n == 0) {
                mv__cu_line_clear((mv__cu_line *)f.to);
                *f.stop = 1;
                mv__cu_raise(f.words, MEDVOL_E_EMPTY, MV__CU_NO_RANGE);
            } else mv__cu_fold_rescale((mv__cu_line *)f.to, p.min, p.max, f);
    }
}
/* All chunks, each thread a run of them in their order. */
MV__CU_KERNEL(MV__CU_B, 1) mv__cu_k_fold(const mv__cu_moment *in, int m, mv__cu_fold f) {
    MV__CU_SHARED(mv__cu_warps, sh);
    const int each = (m + MV__CU_B - 1) / MV__CU_B, first = (int)threadIdx.x * each;
    mv__cu_moment p;
    int i;
    mv__cu_part_clear(&p);
    for (i = first; i < first + each && i < m; i++) mv__cu_part_merge(&p, in[i]);
    mv__cu_part_block(&p, &sh);
    if (threadIdx.x == 0) mv__cu_fold_finish(p, f);
}
MV__CU_FN size_t mv__cu_moments_bytes(const mv__cu_set *s) {
    const mv_cuda_volume p = mv__cu_part(s->src, s->axis, 0);
    return mv__cu_round(mv__cu_divup(mv_volume_count(&p), MV__CU_CHUNK) * sizeof(mv__cu_moment));
}
template <class T>
MV__CU_FN mv_status mv__cu_moments_run(mv_cuda_ctx *ctx, const mv__cu_set *s, const mv__cu_flat *f,
                                       mv__cu_moment *parts, unsigned grid) {
    MV__CU_LAUNCH(mv__cu_k_moments<T>, grid, MV__CU_B, 0, ctx->stream, parts, (const T *)f->x, f->keep, f->n,
                  s->nonzero, s->zero, (uintptr_t)f->x % 16 == 0);
    return mv__cu_launched(ctx, s->op);
}
/* One name for the types of medvol.h: call is a template function of T. */
#define MV__CU_EACH(type, call, args)                                                                        \
    ((type) == MEDVOL_U8     ? call<unsigned char> args                                                      \
     : (type) == MEDVOL_I8   ? call<signed char> args                                                        \
     : (type) == MEDVOL_U16  ? call<unsigned short> args                                                     \
     : (type) == MEDVOL_I16  ? call<short> args                                                              \
     : (type) == MEDVOL_U32  ? call<unsigned> args                                                           \
     : (type) == MEDVOL_I32  ? call<int> args                                                                \
     : (type) == MEDVOL_U64  ? call<mv__cu_u64> args                                                         \
     : (type) == MEDVOL_I64  ? call<long long> args                                                          \
     : (type) == MEDVOL_F16  ? call<mv__cu_half> args                                                        \
     : (type) == MEDVOL_BF16 ? call<mv__cu_bhalf> args                                                       \
     : (type) == MEDVOL_F32  ? call<float> args                                                              \
                             : call<double> args)
/* The moments of part i into f->to, by scratch of mv__cu_moments_bytes and s->flat_bytes. */
MV__CU_FN mv_status mv__cu_moments_of(mv_cuda_ctx *ctx, const mv__cu_set *s, size_t i, mv__cu_fold *f) {
    const size_t used = ctx->used;
    mv__cu_moment *parts = (mv__cu_moment *)mv__cu_take(ctx, mv__cu_moments_bytes(s));
    mv__cu_flat flat;
    unsigned grid = 0;
    mv_status st = mv__cu_flatten(ctx, s, i, &flat);
    if (st == MEDVOL_OK) st = mv__cu_grid(ctx, s->op, mv__cu_divup((size_t)flat.n, MV__CU_CHUNK), &grid);
    if (st == MEDVOL_OK) st = MV__CU_EACH(s->src->dtype, mv__cu_moments_run, (ctx, s, &flat, parts, grid));
    ctx->used = used;
    if (st < 0) return st;
    f->slope = s->slope, f->inter = s->inter, f->zero = s->zero;
    f->words = (int *)ctx->words;
    MV__CU_LAUNCH(mv__cu_k_fold, 1, MV__CU_B, 0, ctx->stream, parts, (int)grid, *f);
    return mv__cu_launched(ctx, s->op);
}
/* Results, in the workspace, to where the caller wants them: device or pinned memory, or, waiting, any. */
MV__CU_FN mv_status mv__cu_give(mv_cuda_ctx *ctx, const char *op, void *out, const void *from, size_t bytes) {
    return MV__CU_TRY(ctx, op, cudaMemcpyAsync, (out, from, bytes, cudaMemcpyDefault, ctx->stream));
}
MV__CU_FN mv_status mv__cu_give_wait(mv_cuda_ctx *ctx, const char *op, void *out, const void *from,
                                     size_t bytes) {
    size_t at, n;
    mv_status st = mv__cu_wait(ctx, op);
    if (st == MEDVOL_OK) st = mv__cu_stages(ctx, op);
    for (at = 0; at < bytes && st == MEDVOL_OK; at += n) {
        n = bytes - at < (size_t)MV__CU_STAGE ? bytes - at : (size_t)MV__CU_STAGE;
        st = MV__CU_TRY(ctx, op, cudaMemcpyAsync, (ctx->stage[0], (const unsigned char *)from + at, n,
                                                   cudaMemcpyDeviceToHost, ctx->stream));
        if (st == MEDVOL_OK) st = MV__CU_TRY(ctx, op, cudaStreamSynchronize, (ctx->stream));
        if (st == MEDVOL_OK) memcpy((unsigned char *)out + at, ctx->stage[0], n);
    }
    return st;
}
MV__CU_FN mv_status mv__cu_give_check(mv_cuda_ctx *ctx, const char *op, const char *name, const void *out,
                                      int wait) {
    if (!out) return mv__cu_fail_null(ctx, op, name);
    if (wait && ctx->capturing)
        return mv__cu_fail(ctx, MEDVOL_E_BUSY, "capture", 0, "%s: waits, so it cannot be captured", op);
    return wait ? MEDVOL_OK : mv__cu_on_device(ctx, op, name, out, 1);
}
/* An array as a volume of one axis */
MV__CU_FN mv_status mv__cu_array(mv_cuda_ctx *ctx, const char *op, const char *name, mv_cuda_volume *v,
                                 const void *data, mv_dtype type, size_t n) {
    size_t bytes;
    mv_status st;
    if (!data) return mv__cu_fail_null(ctx, op, name);
    if (n == 0) return mv__cu_fail(ctx, MEDVOL_E_SIZE, "n", 0, "%s: n = 0: must be at least 1", op);
    if ((st = mv__cu_shape_check(ctx, op, type, 1, &n, &bytes)) < 0) return st;
    mv__cu_vol_init(v, type, 1, &n, NULL);
    v->data = (void *)(uintptr_t)data;
    return MEDVOL_OK;
}
MV__CU_FN mv_status mv__cu_mask8(mv_cuda_ctx *ctx, const char *op, mv_cuda_volume *v, const mv_volume **mask,
                                 const uint8_t **mask8, size_t n) {
    mv_status st;
    if (!*mask8) return MEDVOL_OK;
    if (*mask) return mv__cu_fail(ctx, MEDVOL_E_RANGE, "mask", 0, "%s: give mask or mask8, not both", op);
    if ((st = mv__cu_array(ctx, op, "mask8", v, *mask8, MEDVOL_U8, n)) < 0) return st;
    *mask = v;
    *mask8 = NULL;
    return MEDVOL_OK;
}

/* ==== [INTENSITY] statistics, percentiles, histograms, z-norm, rescale, clamp, gamma, threshold. Owns
   mv__cu_in_*, mv__cu_sel*. Uses [STATS]. Source: Otsu 1979. ============================================= */
MV__CU_FN mv_status mv__cu_in_stats(mv_cuda_ctx *ctx, mv_statistics *out, const mv_cuda_volume *src,
                                    const mv_stats_opt *o, int wait) {
    static const char op[] = "stats";
    mv__cu_set s;
    mv__cu_fold f;
    mv_statistics *all;
    size_t i, bytes;
    mv_status st = mv__cu_give_check(ctx, op, "out", out, wait);
    if (st == MEDVOL_OK)
        st = mv__cu_set_begin(ctx, op, &s, src, o ? o->mask : NULL, o ? o->mask8 : NULL, o ? o->nonzero : 0,
                              o ? o->split : 0);
    if (st < 0) return st;
    bytes = mv__cu_round(s.parts * sizeof *all);
    if ((st = mv__cu_room(ctx, op, bytes + mv__cu_moments_bytes(&s) + s.flat_bytes)) < 0) return st;
    all = (mv_statistics *)mv__cu_take(ctx, bytes);
    memset(&f, 0, sizeof f);
    f.what = MV__CU_TO_STATS;
    for (i = 0; i < s.parts && st == MEDVOL_OK; i++) {
        f.to = all + i;
        st = mv__cu_moments_of(ctx, &s, i, &f);
    }
    if (st < 0) return st;
    return wait ? mv__cu_give_wait(ctx, op, out, all, s.parts * sizeof *all)
                : mv__cu_give(ctx, op, out, all, s.parts * sizeof *all);
}
MEDVOL_DEF mv_status mv_cuda_stats(mv_cuda_ctx *ctx, mv_statistics *out, const mv_cuda_volume *src,
                                   const mv_stats_opt *opt) {
    mv_status st = mv__cu_begin(ctx, "stats");
    if (st < 0) return st;
    return mv__cu_end(ctx, mv__cu_in_stats(ctx, out, src, opt, 0));
}
MEDVOL_DEF mv_status mv_cuda_stats_wait(mv_cuda_ctx *ctx, mv_statistics *out, const mv_cuda_volume *src,
                                        const mv_stats_opt *opt) {
    mv_status st = mv__cu_begin(ctx, "stats");
    if (st < 0) return st;
    return mv__cu_end(ctx, mv__cu_in_stats(ctx, out, src, opt, 1));
}
MEDVOL_DEF mv_status mv_cuda_stats_array(mv_cuda_ctx *ctx, mv_statistics *out, const void *src,
                                         mv_dtype dtype, size_t n, double slope, double inter,
                                         const mv_stats_opt *opt) {
    mv_cuda_volume v, m;
    mv_stats_opt o;
    mv_status st = mv__cu_begin(ctx, "stats");
    if (st < 0) return st;
    memset(&o, 0, sizeof o);
    if (opt) o = *opt;
    st = mv__cu_array(ctx, "stats", "src", &v, src, dtype, n);
    if (st == MEDVOL_OK) st = mv__cu_mask8(ctx, "stats", &m, &o.mask, &o.mask8, n);
    if (st == MEDVOL_OK) {
        v.slope = slope, v.inter = inter;
        st = mv__cu_in_stats(ctx, out, &v, &o, 0);
    }
    return mv__cu_end(ctx, st);
}
MEDVOL_DEF mv_status mv_cuda_stats_f32(mv_cuda_ctx *ctx, mv_statistics *out, const float *src, size_t n,
                                       const mv_stats_opt *opt) {
    return mv_cuda_stats_array(ctx, out, src, MEDVOL_F32, n, 1.0, 0.0, opt);
}

/* ---- percentiles: count the digits of keys that keep the order, 11 bits at a time; each of four ranks goes
   down into its own bucket ---- */
enum { MV__CU_DIGITS = 2048, MV__CU_RANKS = 4, MV__CU_SELECT_B = 32 * MV__CU_RANKS };
#define MV__CU_COUNT_CHUNK 65536
typedef struct mv__cu_sel {
    mv__cu_u64 left[MV__CU_RANKS], key[MV__CU_RANKS], prefix[MV__CU_RANKS], n;
    int slot[MV__CU_RANKS], prefixes; /* 0: nothing is to be found */
} mv__cu_sel;
typedef struct mv__cu_digits { unsigned t[MV__CU_RANKS * MV__CU_DIGITS]; } mv__cu_digits;
/* 0: NaN */
MV__CU_DEV int mv__cu_key(unsigned char v, unsigned *k) { return *k = v, 1; }
MV__CU_DEV int mv__cu_key(signed char v, unsigned *k) { return *k = (unsigned)(v + 128), 1; }
MV__CU_DEV int mv__cu_key(unsigned short v, unsigned *k) { return *k = v, 1; }
MV__CU_DEV int mv__cu_key(short v, unsigned *k) { return *k = (unsigned)(v + 32768), 1; }
MV__CU_DEV int mv__cu_key(unsigned v, unsigned *k) { return *k = v, 1; }
MV__CU_DEV int mv__cu_key(int v, unsigned *k) { return *k = (unsigned)v ^ 0x80000000u, 1; }
MV__CU_DEV int mv__cu_key16(unsigned b, unsigned inf, unsigned *k) {
    *k = (b & 0x8000u) ? b ^ 0xffffu : b | 0x8000u;
    return (b & 0x7fffu) <= inf;
}
MV__CU_DEV int mv__cu_key(mv__cu_half v, unsigned *k) { return mv__cu_key16(v.b, 0x7c00u, k); }
MV__CU_DEV int mv__cu_key(mv__cu_bhalf v, unsigned *k) { return mv__cu_key16(v.b, 0x7f80u, k); }
MV__CU_DEV int mv__cu_key(float v, unsigned *k) {
    const unsigned b = mv__cu_bits(v);
    *k = (b >> 31) ? ~b : b | 0x80000000u;
    return v == v;
}
MV__CU_DEV int mv__cu_key(mv__cu_u64 v, mv__cu_u64 *k) { return *k = v, 1; }
MV__CU_DEV int mv__cu_key(long long v, mv__cu_u64 *k) { return *k = (mv__cu_u64)v ^ (mv__cu_u64)1 << 63, 1; }
MV__CU_DEV int mv__cu_key(double v, mv__cu_u64 *k) {
    const mv__cu_u64 b = mv__cu_bits(v), top = (mv__cu_u64)1 << 63;
    *k = (b & top) ? ~b : b | top;
    return v == v;
}
MV__CU_DEV double mv__cu_unkey(int type, mv__cu_u64 k) { /* the stored value of a key */
    const mv__cu_u64 top = (mv__cu_u64)1 << 63;
    const unsigned h = (unsigned)k & 0xffffu, b = (unsigned)k;
    const unsigned short h16 = (unsigned short)(h ^ ((h & 0x8000u) ? 0x8000u : 0xffffu));
    switch (type) {
        case MEDVOL_U8: case MEDVOL_U16: case MEDVOL_U32: case MEDVOL_U64: return (double)k;
        case MEDVOL_I8: return (double)k - 128.0;
        case MEDVOL_I16: return (double)k - 32768.0;
        case MEDVOL_I32: return (double)k - 2147483648.0;
        case MEDVOL_I64: return (double)(long long)(k ^ top);
        case MEDVOL_F16: return (double)mv__cu_f16_f32(h16);
        case MEDVOL_BF16: return (double)mv__cu_bf16_f32(h16);
        case MEDVOL_F32: return (double)mv__cu_float((b >> 31) ? b ^ 0x80000000u : ~b);
        default: return mv__cu_double((k & top) ? k ^ top : ~k);
    }
}
template <class T> struct mv__cu_keyed { typedef unsigned type; };
template <> struct mv__cu_keyed<mv__cu_u64> { typedef mv__cu_u64 type; };
template <> struct mv__cu_keyed<long long> { typedef mv__cu_u64 type; };
template <> struct mv__cu_keyed<double> { typedef mv__cu_u64 type; };
template <class T> MV__CU_DEV void mv__cu_digit(unsigned *t, T v, const mv__cu_sel *sel,
                                                const mv__cu_u64 *prefix, int np, int shift, int bits,
                                                int copy) {
    typename mv__cu_keyed<T>::type k;
    const unsigned mask = (1u << bits) - 1;
    int j;
    if (!mv__cu_key(v, &k)) return;
    if (!sel) mv__cu_atomic_add(&t[copy * MV__CU_DIGITS + (int)((unsigned)(k >> shift) & mask)], 1u);
    else
        MV__CU_UNROLL for (j = 0; j < MV__CU_RANKS; j++)
            if (j < np && (mv__cu_u64)(k >> shift >> bits) == prefix[j])
                mv__cu_atomic_add(&t[j * MV__CU_DIGITS + (int)((unsigned)(k >> shift) & mask)], 1u);
}
/* Adds to table: the first digit of all values (sel NULL), or the next one of those that share a prefix. */
template <class T> MV__CU_KERNEL(MV__CU_B, 3)
mv__cu_k_digits(unsigned *table, const T *x, const unsigned char *keep, long long n, int nonzero,
                double stored_zero, const mv__cu_sel *sel, int shift, int bits, int packed) {
    typedef typename mv__cu_as<T>::type A;
    enum { N = 16 / (int)sizeof(T), U = 2 };
    MV__CU_SHARED(mv__cu_digits, sh);
    const A zero = (A)stored_zero;
    const int np = sel ? sel->prefixes : 1, t = (int)threadIdx.x, copy = t >> 5 & (MV__CU_RANKS - 1);
    const int used = (sel ? np : MV__CU_RANKS) * MV__CU_DIGITS;
    mv__cu_u64 prefix[MV__CU_RANKS];
    long long o;
    int k, u, g;
    MV__CU_UNROLL for (k = 0; k < MV__CU_RANKS; k++) prefix[k] = sel ? sel->prefix[k] : 0;
    for (k = t; k < used; k += MV__CU_B) sh.t[k] = 0;
    mv__cu_sync();
    for (o = (long long)blockIdx.x * MV__CU_COUNT_CHUNK; np > 0 && o < n;
         o += (long long)gridDim.x * MV__CU_COUNT_CHUNK) {
        const int m = (int)(n - o < MV__CU_COUNT_CHUNK ? n - o : MV__CU_COUNT_CHUNK), groups = m / N;
        for (g = t; g < groups; g += U * MV__CU_B) {
            mv__cu_pack<T, N> in[U];
            MV__CU_UNROLL for (u = 0; u < U; u++)
                mv__cu_ldn<T, N>(in[u], x + o + (g + u * MV__CU_B) * N, packed, g + u * MV__CU_B < groups);
            MV__CU_UNROLL for (u = 0; u < U; u++) {
                if (g + u * MV__CU_B >= groups) break;
                MV__CU_UNROLL for (k = 0; k < N; k++) {
                    if (keep && !keep[o + (g + u * MV__CU_B) * N + k]) continue;
                    if (nonzero && (A)mv__cu_get(in[u].v[k]) == zero) continue;
                    mv__cu_digit(sh.t, in[u].v[k], sel, prefix, np, shift, bits, copy);
                }
            }
        }
        for (k = groups * N + t; k < m; k += MV__CU_B)
            if (!(keep && !keep[o + k]) && !(nonzero && (A)mv__cu_get(x[o + k]) == zero))
                mv__cu_digit(sh.t, x[o + k], sel, prefix, np, shift, bits, copy);
    }
    mv__cu_sync();
    for (k = t; k < used; k += MV__CU_B)
        if (sh.t[k]) mv__cu_atomic_add(&table[sel ? k : k & (MV__CU_DIGITS - 1)], sh.t[k]);
}
typedef struct mv__cu_rule {
    double q[2];
    int nq, rule, falling, type;
    double slope, inter;
    int *words;
} mv__cu_rule;
/* The two ranks a percentile asks for and the weight of the second */
MV__CU_DEV double mv__cu_ranks(double q, mv__cu_u64 n, int rule, mv__cu_u64 *a, mv__cu_u64 *b) {
    const double v = mv__cu_mul((double)(n - 1), q / 100.0), f = floor(v);
    double t = v - f;
    *a = (mv__cu_u64)f;
    if (*a >= n - 1) *a = n - 1, t = 0.0;
    *b = *a + (t > 0.0);
    if (rule == MEDVOL_PERCENTILE_LOWER) *b = *a;
    if (rule == MEDVOL_PERCENTILE_HIGHER) *a = *b;
    if (rule == MEDVOL_PERCENTILE_NEAREST) *a = *b = t < 0.5 || (t == 0.5 && *a % 2 == 0) ? *a : *b;
    return rule == MEDVOL_PERCENTILE_MIDPOINT ? 0.5 : t;
}
typedef struct mv__cu_found { mv__cu_u64 left[MV__CU_RANKS], key[MV__CU_RANKS]; } mv__cu_found;
/* A warp for each rank: down into the bucket that holds it. first: the ranks are made from the total. */
MV__CU_KERNEL(MV__CU_SELECT_B, 1) mv__cu_k_select(mv__cu_sel *s, const unsigned *table, int bits, int first,
                                                  mv__cu_rule r) {
    MV__CU_SHARED(mv__cu_found, sh);
    const int w = (int)threadIdx.x >> 5, lane = (int)threadIdx.x & 31, each = 1 << (bits - 5);
    const int live = first || s->prefixes > 0;
    const unsigned *t = table + (first || !live ? 0 : s->slot[w]) * MV__CU_DIGITS + lane * each;
    mv__cu_u64 sum = 0, upto, n, left = 0;
    int i, d;
    for (i = 0; i < each; i++) sum += t[i];
    upto = sum;
    for (d = 1; d < 32; d <<= 1) {
        const mv__cu_u64 below = mv__cu_shfl(upto, lane >= d ? lane - d : lane);
        if (lane >= d) upto += below;
    }
    n = mv__cu_shfl(upto, 31);
    if (!first) left = live ? s->left[w] : 0;
    else if (n > 0) {
        mv__cu_u64 a, b;
        (void)mv__cu_ranks(w / 2 < r.nq && w / 2 == 1 ? r.q[1] : r.q[0], n, r.rule, &a, &b);
        left = w & 1 ? b : a;
        if (r.falling) left = n - 1 - left;
    }
    if (lane == 0) sh.left[w] = sh.key[w] = 0;
    mv__cu_syncwarp();
    if (live && left < upto && left >= upto - sum) {
        const mv__cu_u64 head = first ? 0 : s->key[w] << bits;
        left -= upto - sum;
        for (i = 0; i < each - 1 && left >= t[i]; i++) left -= t[i];
        sh.left[w] = left;
        sh.key[w] = head | (mv__cu_u64)(lane * each + i);
    }
    mv__cu_sync();
    if (threadIdx.x != 0) return;
    if (first) {
        s->n = n;
        if (n == 0) mv__cu_raise(r.words, MEDVOL_E_EMPTY, MV__CU_NO_PERCENTILES);
    }
    s->prefixes = 0;
    for (i = 0; i < MV__CU_RANKS && live && n > 0; i++) {
        s->left[i] = sh.left[i];
        s->key[i] = sh.key[i];
        for (d = 0; d < s->prefixes && s->prefix[d] != sh.key[i]; d++) {}
        if (d == s->prefixes) s->prefix[s->prefixes++] = sh.key[i];
        s->slot[i] = d;
    }
    for (d = s->prefixes; d < MV__CU_RANKS; d++) s->prefix[d] = ~(mv__cu_u64)0;
}
MV__CU_KERNEL(32, 1) mv__cu_k_quantiles(double *out, const mv__cu_sel *s, mv__cu_rule r) {
    const int j = (int)threadIdx.x;
    mv__cu_u64 a, b;
    double t, x, y;
    if (j >= r.nq) return;
    out[j] = HUGE_VAL - HUGE_VAL;
    if (s->n == 0 || s->prefixes == 0) return;
    t = mv__cu_ranks(j == 1 ? r.q[1] : r.q[0], s->n, r.rule, &a, &b);
    x = mv__cu_add(mv__cu_mul(mv__cu_unkey(r.type, s->key[2 * j]), r.slope), r.inter);
    y = mv__cu_add(mv__cu_mul(mv__cu_unkey(r.type, s->key[2 * j + 1]), r.slope), r.inter);
    if (x == y) out[j] = x;
    else if (!(y - x - (y - x) == 0.0)) out[j] = mv__cu_add(mv__cu_mul(x, 1.0 - t), mv__cu_mul(y, t));
    else out[j] = t < 0.5 ? mv__cu_add(x, mv__cu_mul(y - x, t)) : mv__cu_add(y, -mv__cu_mul(y - x, 1.0 - t));
}
template <class T>
MV__CU_FN mv_status mv__cu_digits_run(mv_cuda_ctx *ctx, const mv__cu_set *s, const mv__cu_flat *f,
                                      unsigned *table, const mv__cu_sel *sel, int shift, int bits) {
    size_t blocks = mv__cu_divup((size_t)f->n, MV__CU_COUNT_CHUNK), most;
    int fit = 0;
    mv_status st = MV__CU_TRY(ctx, s->op, cudaOccupancyMaxActiveBlocksPerMultiprocessor,
                              (&fit, mv__cu_k_digits<T>, MV__CU_B, 0));
    if (st < 0) return st;
    most = (size_t)(fit > 0 ? fit : 1) * (size_t)(ctx->processors > 0 ? ctx->processors : 1);
    MV__CU_LAUNCH(mv__cu_k_digits<T>, (unsigned)(blocks < most ? blocks : most), MV__CU_B, 0, ctx->stream,
                  table, (const T *)f->x, f->keep, f->n, s->nonzero, s->zero, sel, shift, bits,
                  (uintptr_t)f->x % 16 == 0);
    return mv__cu_launched(ctx, s->op);
}
enum { MV__CU_TABLE = MV__CU_RANKS * MV__CU_DIGITS * 4, MV__CU_SELECT_BYTES = 2 * MV__CU_TABLE + 512 };
MV__CU_FN mv_status mv__cu_in_digits(mv_cuda_ctx *ctx, const mv__cu_set *s, const mv__cu_flat *f,
                                     mv_dtype type, unsigned *table, const mv__cu_sel *sel, int shift,
                                     int bits) {
    mv_status st = MV__CU_TRY(ctx, s->op, cudaMemsetAsync, (table, 0, (size_t)MV__CU_TABLE, ctx->stream));
    if (st == MEDVOL_OK) st = MV__CU_EACH(type, mv__cu_digits_run, (ctx, s, f, table, sel, shift, bits));
    return st;
}
/* nq percentiles of the values of f into out (device); scratch MV__CU_SELECT_BYTES */
MV__CU_FN mv_status mv__cu_in_select(mv_cuda_ctx *ctx, const mv__cu_set *s, const mv__cu_flat *f,
                                     mv_dtype type, double slope, double inter, double *out, const double *q,
                                     size_t nq, int rule) {
    const int width = 8 * (int)mv_dtype_size(type), bits0 = width < 11 ? width : 11;
    const size_t used = ctx->used;
    unsigned *table0 = (unsigned *)mv__cu_take(ctx, MV__CU_TABLE),
             *table = (unsigned *)mv__cu_take(ctx, MV__CU_TABLE);
    mv__cu_sel *sel = (mv__cu_sel *)mv__cu_take(ctx, 512);
    mv__cu_rule r;
    size_t i;
    int bits, left;
    mv_status st;
    ctx->used = used;
    if (f->n > 0xffffffffLL)
        return mv__cu_fail(ctx, MEDVOL_E_UNSUPPORTED, "n", (double)f->n, "%s: more than 2^32 - 1 values",
                           s->op);
    st = mv__cu_in_digits(ctx, s, f, type, table0, NULL, width - bits0, bits0);
    memset(&r, 0, sizeof r);
    r.rule = rule, r.type = (int)type;
    r.slope = slope, r.inter = inter;
    r.falling = slope < 0.0;
    r.words = (int *)ctx->words;
    for (i = 0; i < nq && st == MEDVOL_OK; i += 2) {
        r.nq = nq - i < 2 ? 1 : 2;
        r.q[0] = q[i], r.q[1] = r.nq > 1 ? q[i + 1] : q[i];
        MV__CU_LAUNCH(mv__cu_k_select, 1, MV__CU_SELECT_B, 0, ctx->stream, sel, table0, bits0, 1, r);
        st = mv__cu_launched(ctx, s->op);
        for (left = width - bits0; left > 0 && st == MEDVOL_OK; left -= bits) {
            bits = left < 11 ? left : 11;
            if ((st = mv__cu_in_digits(ctx, s, f, type, table, sel, left - bits, bits)) < 0) break;
            MV__CU_LAUNCH(mv__cu_k_select, 1, MV__CU_SELECT_B, 0, ctx->stream, sel, table, bits, 0, r);
            st = mv__cu_launched(ctx, s->op);
        }
        if (st < 0) break;
        MV__CU_LAUNCH(mv__cu_k_quantiles, 1, 32, 0, ctx->stream, out + i, sel, r);
        st = mv__cu_launched(ctx, s->op);
    }
    return st;
}
MV__CU_FN mv_status mv__cu_in_quantile_check(mv_cuda_ctx *ctx, const double *q, size_t nq, int rule) {
    size_t i;
    for (i = 0; i < nq; i++)
        if (!(q[i] >= 0.0 && q[i] <= 100.0))
            return mv__cu_fail(ctx, MEDVOL_E_RANGE, "q", q[i], "percentiles: q[%zu] = %g: must be 0..100", i,
                               q[i]);
    if (!(rule >= MEDVOL_PERCENTILE_LINEAR && rule <= MEDVOL_PERCENTILE_MIDPOINT))
        return mv__cu_fail(ctx, MEDVOL_E_RANGE, "rule", rule, "percentiles: rule = %d: must be 0..4", rule);
    return MEDVOL_OK;
}
/* For all parts of the set, nq each, into out (device) */
MV__CU_FN mv_status mv__cu_in_quantiles(mv_cuda_ctx *ctx, const mv__cu_set *s, double *out, const double *q,
                                        size_t nq, int rule) {
    const size_t used = ctx->used;
    mv__cu_flat f;
    size_t i;
    mv_status st = MEDVOL_OK;
    for (i = 0; i < s->parts && st == MEDVOL_OK; i++) {
        st = mv__cu_flatten(ctx, s, i, &f);
        if (st == MEDVOL_OK)
            st = mv__cu_in_select(ctx, s, &f, s->src->dtype, s->slope, s->inter, out + i * nq, q, nq, rule);
        ctx->used = used;
    }
    return st;
}
MV__CU_FN mv_status mv__cu_in_percentiles(mv_cuda_ctx *ctx, double *out, const mv_cuda_volume *src,
                                          const double *q, size_t nq, const mv_percentile_opt *o, int wait) {
    static const char op[] = "percentiles";
    mv__cu_set s;
    double *all;
    size_t bytes;
    mv_status st;
    if (!q) return mv__cu_fail_null(ctx, op, "q");
    if ((st = mv__cu_give_check(ctx, op, "out", out, wait)) < 0) return st;
    if (!(nq >= 1 && nq <= 4096))
        return mv__cu_fail(ctx, MEDVOL_E_SIZE, "nq", (double)nq, "%s: nq = %zu: must be 1..4096", op, nq);
    st = mv__cu_set_begin(ctx, op, &s, src, o ? o->mask : NULL, o ? o->mask8 : NULL, o ? o->nonzero : 0,
                          o ? o->split : 0);
    if (st == MEDVOL_OK) st = mv__cu_in_quantile_check(ctx, q, nq, o ? o->rule : 0);
    if (st < 0) return st;
    bytes = mv__cu_round(s.parts * nq * sizeof *all);
    if ((st = mv__cu_room(ctx, op, bytes + s.flat_bytes + MV__CU_SELECT_BYTES)) < 0) return st;
    all = (double *)mv__cu_take(ctx, bytes);
    if ((st = mv__cu_in_quantiles(ctx, &s, all, q, nq, o ? o->rule : 0)) < 0) return st;
    bytes = s.parts * nq * sizeof *all;
    return wait ? mv__cu_give_wait(ctx, op, out, all, bytes) : mv__cu_give(ctx, op, out, all, bytes);
}
MEDVOL_DEF mv_status mv_cuda_percentiles(mv_cuda_ctx *ctx, double *out, const mv_cuda_volume *src,
                                         const double *q, size_t nq, const mv_percentile_opt *opt) {
    mv_status st = mv__cu_begin(ctx, "percentiles");
    if (st < 0) return st;
    return mv__cu_end(ctx, mv__cu_in_percentiles(ctx, out, src, q, nq, opt, 0));
}
MEDVOL_DEF mv_status mv_cuda_percentiles_wait(mv_cuda_ctx *ctx, double *out, const mv_cuda_volume *src,
                                              const double *q, size_t nq, const mv_percentile_opt *opt) {
    mv_status st = mv__cu_begin(ctx, "percentiles");
    if (st < 0) return st;
    return mv__cu_end(ctx, mv__cu_in_percentiles(ctx, out, src, q, nq, opt, 1));
}
MEDVOL_DEF mv_status mv_cuda_percentiles_array(mv_cuda_ctx *ctx, double *out, const void *src, mv_dtype dtype,
                                               size_t n, double slope, double inter, const double *q,
                                               size_t nq, const mv_percentile_opt *opt) {
    mv_cuda_volume v, m;
    mv_percentile_opt o;
    mv_status st = mv__cu_begin(ctx, "percentiles");
    if (st < 0) return st;
    memset(&o, 0, sizeof o);
    if (opt) o = *opt;
    st = mv__cu_array(ctx, "percentiles", "src", &v, src, dtype, n);
    if (st == MEDVOL_OK) st = mv__cu_mask8(ctx, "percentiles", &m, &o.mask, &o.mask8, n);
    if (st == MEDVOL_OK) {
        v.slope = slope, v.inter = inter;
        st = mv__cu_in_percentiles(ctx, out, &v, q, nq, &o, 0);
    }
    return mv__cu_end(ctx, st);
}
MEDVOL_DEF mv_status mv_cuda_percentiles_f32(mv_cuda_ctx *ctx, double *out, const float *src, size_t n,
                                             const double *q, size_t nq, const mv_percentile_opt *opt) {
    return mv_cuda_percentiles_array(ctx, out, src, MEDVOL_F32, n, 1.0, 0.0, q, nq, opt);
}
MEDVOL_DEF mv_status mv_cuda_median(mv_cuda_ctx *ctx, double *out, const mv_cuda_volume *src,
                                    const mv_percentile_opt *opt) {
    const double half = 50.0;
    mv_percentile_opt o;
    memset(&o, 0, sizeof o);
    if (opt) o = *opt;
    o.rule = MEDVOL_PERCENTILE_LINEAR;
    return mv_cuda_percentiles(ctx, out, src, &half, 1, &o);
}
/* ---- median of the distances from the median ---- */
MV__CU_KERNEL(32, 1) mv__cu_k_mad(double *out, const double *m) {
    if (threadIdx.x == 0) *out = *m - *m == 0.0 ? *out * 1.4826022185056018 : HUGE_VAL - HUGE_VAL;
}
MV__CU_FN mv_status mv__cu_in_mad_part(mv_cuda_ctx *ctx, const mv__cu_set *s, size_t i, double *out,
                                       double *m) {
    const double half = 50.0;
    const mv_cuda_volume p = mv__cu_part(s->src, s->axis, i);
    mv__cu_set none = *s;
    mv__cu_flat f, far;
    mv__cu_any any;
    mv__cu_walk w;
    mv_cuda_volume a, b;
    size_t n;
    mv_status st = mv__cu_flatten(ctx, s, i, &f);
    if (st == MEDVOL_OK)
        st = mv__cu_in_select(ctx, s, &f, p.dtype, s->slope, s->inter, m, &half, 1, MEDVOL_PERCENTILE_LINEAR);
    if (st < 0) return st;
    n = (size_t)f.n;
    far.n = f.n, far.keep = NULL;
    far.x = mv__cu_take(ctx, mv__cu_round(n * sizeof(double)));
    mv__cu_vol_init(&a, MEDVOL_F64, 1, &n, NULL);
    mv__cu_vol_init(&b, p.dtype, 1, &n, NULL);
    mv__cu_walk_init(&w, &a, &b, -1);
    memset(&any, 0, sizeof any);
    any.kind = MV__CU_ANY_AWAY;
    any.dt = MEDVOL_F64, any.st = (int)p.dtype;
    any.slope = s->slope, any.inter = s->inter;
    any.scaled = mv__cu_scaled(s->slope, s->inter);
    any.centre = m, any.keep = f.keep, any.nonzero = s->nonzero;
    if ((st = mv__cu_map_any(ctx, s->op, (void *)(uintptr_t)far.x, f.x, &w, &any)) < 0) return st;
    none.nonzero = 0;
    st = mv__cu_in_select(ctx, &none, &far, MEDVOL_F64, 1.0, 0.0, out, &half, 1, MEDVOL_PERCENTILE_LINEAR);
    if (st < 0) return st;
    MV__CU_LAUNCH(mv__cu_k_mad, 1, 32, 0, ctx->stream, out, m);
    return mv__cu_launched(ctx, s->op);
}
MV__CU_FN mv_status mv__cu_in_mad(mv_cuda_ctx *ctx, double *out, double *median, const mv_cuda_volume *src,
                                  const mv_percentile_opt *o) {
    static const char op[] = "mad";
    mv__cu_set s;
    mv_cuda_volume p;
    double *all;
    size_t i, bytes, used;
    mv_status st = mv__cu_give_check(ctx, op, "out", out, 0);
    if (st == MEDVOL_OK && median) st = mv__cu_give_check(ctx, op, "median", median, 0);
    if (st == MEDVOL_OK)
        st = mv__cu_set_begin(ctx, op, &s, src, o ? o->mask : NULL, o ? o->mask8 : NULL, o ? o->nonzero : 0,
                              o ? o->split : 0);
    if (st < 0) return st;
    p = mv__cu_part(src, s.axis, 0);
    bytes = mv__cu_round(2 * s.parts * sizeof *all);
    st = mv__cu_room(ctx, op, bytes + s.flat_bytes + MV__CU_SELECT_BYTES +
                                  mv__cu_round(mv_volume_count(&p) * sizeof(double)));
    if (st < 0) return st;
    all = (double *)mv__cu_take(ctx, bytes);
    used = ctx->used;
    for (i = 0; i < s.parts && st == MEDVOL_OK; i++) {
        st = mv__cu_in_mad_part(ctx, &s, i, all + i, all + s.parts + i);
        ctx->used = used;
    }
    if (st == MEDVOL_OK) st = mv__cu_give(ctx, op, out, all, s.parts * sizeof *all);
    if (st == MEDVOL_OK && median) st = mv__cu_give(ctx, op, median, all + s.parts, s.parts * sizeof *all);
    return st;
}
MEDVOL_DEF mv_status mv_cuda_mad(mv_cuda_ctx *ctx, double *out, double *median, const mv_cuda_volume *src,
                                 const mv_percentile_opt *opt) {
    mv_status st = mv__cu_begin(ctx, "mad");
    if (st < 0) return st;
    return mv__cu_end(ctx, mv__cu_in_mad(ctx, out, median, src, opt));
}

/* ---- histogram: shared copies of the table, or the one in memory where it is too long ---- */
enum { MV__CU_HIST_SHARED = 8192 };
typedef struct mv__cu_hist_table { unsigned t[MV__CU_HIST_SHARED]; } mv__cu_hist_table;
MV__CU_DEV double mv__cu_edge(double lo, double width, double hi, int bins, int k) {
    return k == bins ? hi : mv__cu_add(mv__cu_mul((double)k, width), lo);
}
/* 0..bins-1, bins below, bins + 1 above, bins + 2 NaN. The guess is at most one off, the edges decide. */
MV__CU_DEV int mv__cu_bin(double x, double lo, double hi, double width, double scale, int bins) {
    double u;
    int k;
    if (x != x) return bins + 2;
    if (x < lo) return bins;
    if (x > hi) return bins + 1;
    u = (x - lo) * scale;
    k = !(u >= 0.0) ? 0 : u >= (double)bins ? bins - 1 : (int)u;
    while (k > 0 && x < mv__cu_edge(lo, width, hi, bins, k)) k--;
    while (k + 1 < bins && x >= mv__cu_edge(lo, width, hi, bins, k + 1)) k++;
    return k;
}
typedef struct mv__cu_hist_arg {
    const void *x;
    const unsigned char *keep;
    long long n;
    int nonzero, bins, copies; /* copies 0: not in shared memory */
    double slope, inter, lo, hi;
    const double *range; /* or lo, hi */
    unsigned *table;
} mv__cu_hist_arg;
template <class T> MV__CU_KERNEL(MV__CU_B, 3) mv__cu_k_hist(mv__cu_hist_arg a) {
    MV__CU_SHARED(mv__cu_hist_table, sh);
    const T *x = (const T *)a.x;
    const int t = (int)threadIdx.x, step = a.bins + 3, all = step * a.copies;
    const double lo = a.range ? a.range[0] : a.lo, hi = a.range ? a.range[1] : a.hi;
    const double width = (hi - lo) / (double)a.bins, scale = (double)a.bins / (hi - lo);
    const int good = !a.range || a.range[2] != 0.0;
    unsigned *table = a.copies ? sh.t + (a.copies > 1 ? (t >> 5) % a.copies : 0) * step : a.table;
    long long o, i;
    int k;
    for (k = t; k < all; k += MV__CU_B) sh.t[k] = 0;
    mv__cu_sync();
    for (o = (long long)blockIdx.x * MV__CU_COUNT_CHUNK; good && o < a.n;
         o += (long long)gridDim.x * MV__CU_COUNT_CHUNK) {
        const long long end = a.n - o < MV__CU_COUNT_CHUNK ? a.n : o + MV__CU_COUNT_CHUNK;
        for (i = o + t; i < end; i += MV__CU_B) {
            double v;
            if (a.keep && !a.keep[i]) continue;
            v = mv__cu_add(mv__cu_mul((double)mv__cu_get(x[i]), a.slope), a.inter);
            if (a.nonzero && v == 0.0) continue;
            mv__cu_atomic_add(&table[mv__cu_bin(v, lo, hi, width, scale, a.bins)], 1u);
        }
    }
    mv__cu_sync();
    for (k = t; k < all; k += MV__CU_B)
        if (sh.t[k]) mv__cu_atomic_add(&a.table[k % step], sh.t[k]);
}
typedef struct mv__cu_sums { mv__cu_u64 t[MV__CU_B / 32]; } mv__cu_sums;
MV__CU_KERNEL(MV__CU_B, 1)
mv__cu_k_hist_end(mv__cu_u64 *counts, mv_cuda_hist_tail *tail, mv__cu_hist_arg a, int clamp) {
    MV__CU_SHARED(mv__cu_sums, sh);
    const unsigned below = a.table[a.bins], above = a.table[a.bins + 1];
    mv__cu_u64 sum = 0;
    int k, d;
    if (a.range && a.range[2] == 0.0) return; /* told; counts stay */
    for (k = (int)threadIdx.x; k < a.bins; k += MV__CU_B) {
        mv__cu_u64 c = a.table[k];
        if (clamp && k == 0) c += below;
        if (clamp && k == a.bins - 1) c += above;
        counts[k] = c;
        sum += c;
    }
    for (d = 16; d > 0; d >>= 1) sum += mv__cu_shfl_down(sum, d);
    if ((threadIdx.x & 31) == 0) sh.t[threadIdx.x >> 5] = sum;
    mv__cu_sync();
    if (threadIdx.x != 0) return;
    for (sum = 0, k = 0; k < MV__CU_B / 32; k++) sum += sh.t[k];
    tail->lo = a.range ? a.range[0] : a.lo;
    tail->hi = a.range ? a.range[1] : a.hi;
    tail->below = below, tail->above = above;
    tail->nan = a.table[a.bins + 2];
    tail->total = sum;
}
template <class T>
MV__CU_FN mv_status mv__cu_hist_run(mv_cuda_ctx *ctx, const char *op, const mv__cu_hist_arg *a) {
    size_t blocks = mv__cu_divup((size_t)a->n, MV__CU_COUNT_CHUNK), most;
    int fit = 0;
    mv_status st = MV__CU_TRY(ctx, op, cudaOccupancyMaxActiveBlocksPerMultiprocessor,
                              (&fit, mv__cu_k_hist<T>, MV__CU_B, 0));
    if (st < 0) return st;
    most = (size_t)(fit > 0 ? fit : 1) * (size_t)(ctx->processors > 0 ? ctx->processors : 1);
    MV__CU_LAUNCH(mv__cu_k_hist<T>, (unsigned)(blocks < most ? blocks : most), MV__CU_B, 0, ctx->stream, *a);
    return mv__cu_launched(ctx, op);
}
/* Into counts and tail (device); more: scratch the caller has taken besides */
MV__CU_FN mv_status mv__cu_in_histogram(mv_cuda_ctx *ctx, uint64_t *counts, mv_cuda_hist_tail *tail,
                                        size_t bins, const mv__cu_set *s, const mv_histogram_opt *o) {
    mv__cu_hist_arg a;
    mv__cu_fold f;
    mv__cu_flat flat;
    double *range = (double *)mv__cu_take(ctx, 256);
    mv_status st = MEDVOL_OK;
    memset(&a, 0, sizeof a);
    a.lo = o ? o->lo : 0.0, a.hi = o ? o->hi : 0.0;
    a.table = (unsigned *)mv__cu_take(ctx, mv__cu_round((bins + 3) * 4));
    if (a.lo == 0.0 && a.hi == 0.0) {
        memset(&f, 0, sizeof f);
        f.what = MV__CU_TO_RANGE;
        f.to = range;
        a.range = range;
        st = mv__cu_moments_of(ctx, s, 0, &f);
    }
    if (st == MEDVOL_OK)
        st = MV__CU_TRY(ctx, s->op, cudaMemsetAsync, (a.table, 0, (bins + 3) * 4, ctx->stream));
    if (st == MEDVOL_OK) st = mv__cu_flatten(ctx, s, 0, &flat);
    if (st < 0) return st;
    a.x = flat.x, a.keep = flat.keep, a.n = flat.n;
    a.nonzero = s->nonzero;
    a.bins = (int)bins;
    a.copies = mv__cu_mini(MV__CU_B / 32, MV__CU_HIST_SHARED / (int)(bins + 3));
    a.slope = s->slope, a.inter = s->inter;
    if ((st = MV__CU_EACH(s->src->dtype, mv__cu_hist_run, (ctx, s->op, &a))) < 0) return st;
    MV__CU_LAUNCH(mv__cu_k_hist_end, 1, MV__CU_B, 0, ctx->stream, (mv__cu_u64 *)(void *)counts, tail, a,
                  o && o->clamp ? 1 : 0);
    return mv__cu_launched(ctx, s->op);
}
MV__CU_FN mv_status mv__cu_in_hist_begin(mv_cuda_ctx *ctx, mv__cu_set *s, size_t bins,
                                         const mv_cuda_volume *src, const mv_histogram_opt *o, size_t more) {
    static const char op[] = "histogram";
    const double lo = o ? o->lo : 0.0, hi = o ? o->hi : 0.0;
    mv_status st;
    if (!(bins >= 1 && bins <= (size_t)1 << 24))
        return mv__cu_fail(ctx, MEDVOL_E_SIZE, "bins", (double)bins, "%s: bins = %zu: must be 1..16777216",
                           op, bins);
    st = mv__cu_set_begin(ctx, op, s, src, o ? o->mask : NULL, o ? o->mask8 : NULL, o ? o->nonzero : 0, 0);
    if (st < 0) return st;
    if (!(lo == 0.0 && hi == 0.0) && !(lo < hi && mv__cu_finite(hi - lo)))
        return mv__cu_fail(ctx, MEDVOL_E_RANGE, "lo", lo, "%s: range %g .. %g: lo < hi, both finite", op, lo,
                           hi);
    if (mv_volume_count(src) > 0xffffffffu)
        return mv__cu_fail(ctx, MEDVOL_E_UNSUPPORTED, "n", (double)mv_volume_count(src),
                           "%s: more than 2^32 - 1 values", op);
    return mv__cu_room(ctx, op,
                       more + 256 + mv__cu_round((bins + 3) * 4) + s->flat_bytes + mv__cu_moments_bytes(s));
}
MV__CU_FN mv_status mv__cu_in_hist(mv_cuda_ctx *ctx, const mv_cuda_hist *h, const mv_cuda_volume *src,
                                   const mv_histogram_opt *opt) {
    mv__cu_set s;
    mv_status st;
    if (!h) return mv__cu_fail_null(ctx, "histogram", "h");
    if ((st = mv__cu_on_device(ctx, "histogram", "counts", h->counts, 0)) < 0) return st;
    if ((st = mv__cu_on_device(ctx, "histogram", "tail", h->tail, 0)) < 0) return st;
    if ((st = mv__cu_in_hist_begin(ctx, &s, h->bins, src, opt, 0)) < 0) return st;
    return mv__cu_in_histogram(ctx, h->counts, h->tail, h->bins, &s, opt);
}
MEDVOL_DEF mv_status mv_cuda_histogram(mv_cuda_ctx *ctx, const mv_cuda_hist *h, const mv_cuda_volume *src,
                                       const mv_histogram_opt *opt) {
    mv_status st = mv__cu_begin(ctx, "histogram");
    if (st < 0) return st;
    return mv__cu_end(ctx, mv__cu_in_hist(ctx, h, src, opt));
}
MV__CU_FN mv_status mv__cu_in_hist_wait(mv_cuda_ctx *ctx, mv_hist *h, const mv_cuda_volume *src,
                                        const mv_histogram_opt *opt) {
    static const char op[] = "histogram";
    mv__cu_set s;
    mv_cuda_hist_tail tail, *t;
    uint64_t *counts;
    size_t bytes;
    mv_status st;
    if (!h || !h->counts) return mv__cu_fail_null(ctx, op, h ? "counts" : "h");
    if ((st = mv__cu_give_check(ctx, op, "counts", h->counts, 1)) < 0) return st;
    bytes = h->bins <= (size_t)1 << 24 ? mv__cu_round(h->bins * 8) : 0;
    if ((st = mv__cu_in_hist_begin(ctx, &s, h->bins, src, opt, 256 + bytes)) < 0) return st;
    t = (mv_cuda_hist_tail *)mv__cu_take(ctx, 256);
    counts = (uint64_t *)mv__cu_take(ctx, bytes);
    if ((st = mv__cu_in_histogram(ctx, counts, t, h->bins, &s, opt)) < 0) return st;
    if ((st = mv__cu_give_wait(ctx, op, &tail, t, sizeof tail)) < 0) return st;
    if ((st = mv__cu_give_wait(ctx, op, h->counts, counts, h->bins * 8)) < 0) return st;
    h->lo = tail.lo, h->hi = tail.hi;
    h->below = tail.below, h->above = tail.above, h->nan = tail.nan, h->total = tail.total;
    return st;
}
MEDVOL_DEF mv_status mv_cuda_histogram_wait(mv_cuda_ctx *ctx, mv_hist *h, const mv_cuda_volume *src,
                                            const mv_histogram_opt *opt) {
    mv_status st = mv__cu_begin(ctx, "histogram");
    if (st < 0) return st;
    return mv__cu_end(ctx, mv__cu_in_hist_wait(ctx, h, src, opt));
}
MEDVOL_DEF mv_status mv_cuda_histogram_array(mv_cuda_ctx *ctx, const mv_cuda_hist *h, const void *src,
                                             mv_dtype dtype, size_t n, double slope, double inter,
                                             const mv_histogram_opt *opt) {
    mv_cuda_volume v, m;
    mv_histogram_opt o;
    mv_status st = mv__cu_begin(ctx, "histogram");
    if (st < 0) return st;
    memset(&o, 0, sizeof o);
    if (opt) o = *opt;
    st = mv__cu_array(ctx, "histogram", "src", &v, src, dtype, n);
    if (st == MEDVOL_OK) st = mv__cu_mask8(ctx, "histogram", &m, &o.mask, &o.mask8, n);
    if (st == MEDVOL_OK) {
        v.slope = slope, v.inter = inter;
        st = mv__cu_in_hist(ctx, h, &v, &o);
    }
    return mv__cu_end(ctx, st);
}
MEDVOL_DEF mv_status mv_cuda_histogram_f32(mv_cuda_ctx *ctx, const mv_cuda_hist *h, const float *src,
                                           size_t n, const mv_histogram_opt *opt) {
    return mv_cuda_histogram_array(ctx, h, src, MEDVOL_F32, n, 1.0, 0.0, opt);
}
/* One thread, in the order of mv_otsu. */
MV__CU_KERNEL(32, 1)
mv__cu_k_otsu(double *out, const mv__cu_u64 *counts, const mv_cuda_hist_tail *tail, int bins, int *words) {
    const double lo = tail->lo, width = (tail->hi - tail->lo) / (double)bins;
    double w = 0.0, all = 0.0, sum = 0.0, total = 0.0, best = -1.0;
    int k, at = 0;
    if (threadIdx.x != 0) return;
    for (k = 0; k < bins; k++) {
        const double c = (double)counts[k], centre = mv__cu_add(lo, mv__cu_mul((double)k + 0.5, width));
        all += c;
        total = mv__cu_add(total, mv__cu_mul(c, centre));
        if (counts[k]) at = k;
    }
    if (!(tail->lo < tail->hi)) mv__cu_raise(words, MEDVOL_E_RANGE, MV__CU_BAD_OTSU);
    else if (all == 0.0) mv__cu_raise(words, MEDVOL_E_EMPTY, MV__CU_NO_OTSU);
    if (!(tail->lo < tail->hi) || all == 0.0) return;
    for (k = 0; k + 1 < bins; k++) {
        const double c = (double)counts[k], centre = mv__cu_add(lo, mv__cu_mul((double)k + 0.5, width));
        double d, v;
        w += c;
        sum = mv__cu_add(sum, mv__cu_mul(c, centre));
        if (w == 0.0 || w == all) continue;
        d = sum / w - (total - sum) / (all - w);
        v = mv__cu_mul(mv__cu_mul(mv__cu_mul(w, all - w), d), d);
        if (v > best) best = v, at = k;
    }
    *out = mv__cu_add(lo, mv__cu_mul((double)at + 0.5, width));
}
MV__CU_FN mv_status mv__cu_in_otsu(mv_cuda_ctx *ctx, double *threshold, const mv_cuda_hist *h) {
    mv_status st;
    if (!threshold || !h) return mv__cu_fail_null(ctx, "otsu", threshold ? "h" : "threshold");
    if ((st = mv__cu_on_device(ctx, "otsu", "threshold", threshold, 0)) < 0) return st;
    if ((st = mv__cu_on_device(ctx, "otsu", "counts", h->counts, 0)) < 0) return st;
    if ((st = mv__cu_on_device(ctx, "otsu", "tail", h->tail, 0)) < 0) return st;
    if (!(h->bins >= 1 && h->bins <= (size_t)1 << 24))
        return mv__cu_fail(ctx, MEDVOL_E_RANGE, "bins", (double)h->bins,
                           "otsu: bins = %zu: must be 1..16777216", h->bins);
    MV__CU_LAUNCH(mv__cu_k_otsu, 1, 32, 0, ctx->stream, threshold,
                  (const mv__cu_u64 *)(const void *)h->counts, (const mv_cuda_hist_tail *)h->tail,
                  (int)h->bins, (int *)ctx->words);
    return mv__cu_launched(ctx, "otsu");
}
MEDVOL_DEF mv_status mv_cuda_otsu(mv_cuda_ctx *ctx, double *threshold, const mv_cuda_hist *h) {
    mv_status st = mv__cu_begin(ctx, "otsu");
    if (st < 0) return st;
    return mv__cu_end(ctx, mv__cu_in_otsu(ctx, threshold, h));
}

/* ---- maps ---- */
/* The result's type: dst's when it has memory of its own, else src's (keep) or a float. */
MV__CU_FN mv_dtype mv__cu_in_type(const mv_cuda_volume *dst, const mv_cuda_volume *src, int keep) {
    if (dst != src && dst->data) return dst->dtype;
    return keep || src->dtype == MEDVOL_F64 ? src->dtype : MEDVOL_F32;
}
MV__CU_FN mv_status mv__cu_in_out(mv_cuda_ctx *ctx, const char *op, mv_cuda_volume *out,
                                  const mv_cuda_volume *dst, const mv_cuda_volume *src, mv_dtype t,
                                  int keep) {
    mv_status st;
    if (!mv__cu_is_real(t))
        return mv__cu_fail(ctx, MEDVOL_E_DTYPE, "dst", (double)t,
                           "%s: dst has type %s: must be an integer or real type", op, mv_dtype_name(t));
    if ((st = mv__cu_out_begin(ctx, op, out, dst, src, t, src->ndim, src->dim, MV__CU_INPLACE)) < 0)
        return st;
    if (!(keep && t == src->dtype)) out->slope = 1.0, out->inter = 0.0;
    return MEDVOL_OK;
}
/* Room for one record a part, and 256 bytes before them for the word that stops the map, set to 0 */
MV__CU_FN size_t mv__cu_in_records(const mv__cu_set *s, size_t size) {
    return 256 + mv__cu_round(s->parts * size);
}
MV__CU_FN mv_status mv__cu_in_stop(mv_cuda_ctx *ctx, const char *op, mv__cu_fold *f) {
    f->words = (int *)ctx->words;
    f->stop = (int *)mv__cu_take(ctx, 256);
    return MV__CU_TRY(ctx, op, cudaMemsetAsync, (f->stop, 0, (size_t)256, ctx->stream));
}
/* Lines, one for each part, in device memory; or one of the host's */
MV__CU_FN mv_status mv__cu_in_lines(mv_cuda_ctx *ctx, mv_cuda_volume *dst, const mv__cu_set *s,
                                    const mv__cu_line *lines, const int *stop, const mv__cu_line *here) {
    mv_cuda_volume out;
    mv__cu_op_line f;
    mv__cu_any any;
    mv__cu_walk w;
    size_t i;
    mv_status st = mv__cu_in_out(ctx, s->op, &out, dst, s->src, mv__cu_in_type(dst, s->src, 0), 0);
    if (st < 0) return st;
    memset(&f, 0, sizeof f);
    memset(&any, 0, sizeof any);
    if (here) f.a = any.line = *here;
    f.stop = any.stop = stop;
    any.kind = MV__CU_ANY_LINE;
    any.dt = (int)out.dtype, any.st = (int)s->src->dtype;
    any.slope = s->slope, any.inter = s->inter;
    any.scaled = mv__cu_scaled(s->slope, s->inter);
    for (i = 0; i < s->parts && st == MEDVOL_OK; i++) {
        const mv_cuda_volume d = mv__cu_part(&out, s->axis, i), p = mv__cu_part(s->src, s->axis, i);
        mv__cu_walk_init(&w, &d, &p, -1);
        f.from = any.from = here ? NULL : lines + i;
        st = out.dtype == MEDVOL_F32 && mv__cu_is_narrow(p.dtype)
                 ? mv__cu_map_line(ctx, s->op, (float *)d.data, p.data, p.dtype, &w, &f)
                 : mv__cu_map_any(ctx, s->op, d.data, p.data, &w, &any);
    }
    return mv__cu_out_end(ctx, st, &out, dst);
}
MV__CU_FN mv_status mv__cu_in_znorm(mv_cuda_ctx *ctx, mv_cuda_volume *dst, const mv_cuda_volume *src,
                                    const mv_znorm_opt *o) {
    static const char op[] = "znorm";
    mv__cu_set s;
    mv__cu_fold f;
    mv__cu_line *lines;
    size_t i, bytes;
    mv_status st;
    if (!dst) return mv__cu_fail_null(ctx, op, "dst");
    if ((st = mv__cu_set_begin(ctx, op, &s, src, o->mask, o->mask8, o->nonzero, o->split)) < 0) return st;
    if (o->given_mean && !mv__cu_finite(o->mean))
        return mv__cu_fail(ctx, MEDVOL_E_RANGE, "mean", o->mean, "%s: mean = %g: must be finite", op,
                           o->mean);
    if (o->given_sd && !(o->sd > 0.0 && mv__cu_finite(o->sd)))
        return mv__cu_fail(ctx, MEDVOL_E_RANGE, "sd", o->sd, "%s: sd = %g: must be > 0 and finite", op,
                           o->sd);
    bytes = mv__cu_in_records(&s, sizeof *lines);
    if ((st = mv__cu_room(ctx, op, bytes + mv__cu_moments_bytes(&s) + s.flat_bytes)) < 0) return st;
    memset(&f, 0, sizeof f);
    st = mv__cu_in_stop(ctx, op, &f);
    lines = (mv__cu_line *)mv__cu_take(ctx, bytes - 256);
    f.what = MV__CU_TO_ZNORM;
    f.sample = o->sample;
    f.given_mean = o->given_mean, f.given_sd = o->given_sd;
    f.mean = o->mean, f.sd = o->sd;
    f.keep0 = s.nonzero;
    for (i = 0; i < s.parts && st == MEDVOL_OK; i++) {
        f.to = lines + i;
        st = mv__cu_moments_of(ctx, &s, i, &f);
    }
    return st < 0 ? st : mv__cu_in_lines(ctx, dst, &s, lines, f.stop, NULL);
}
MEDVOL_DEF mv_status mv_cuda_znorm(mv_cuda_ctx *ctx, mv_cuda_volume *dst, const mv_cuda_volume *src,
                                   const mv_znorm_opt *opt) {
    mv_znorm_opt o;
    mv_status st = mv__cu_begin(ctx, "znorm");
    if (st < 0) return st;
    memset(&o, 0, sizeof o);
    if (opt) o = *opt;
    return mv__cu_end(ctx, mv__cu_in_znorm(ctx, dst, src, &o));
}
/* dst and src of an array call of floats */
MV__CU_FN mv_status mv__cu_arrays(mv_cuda_ctx *ctx, const char *op, mv_cuda_volume *d, mv_cuda_volume *s,
                                  float *dst, const float *src, size_t n) {
    mv_status st = mv__cu_array(ctx, op, "dst", d, dst, MEDVOL_F32, n);
    return st < 0 ? st : mv__cu_array(ctx, op, "src", s, src, MEDVOL_F32, n);
}
MEDVOL_DEF mv_status mv_cuda_znorm_f32(mv_cuda_ctx *ctx, float *dst, const float *src, size_t n,
                                       const mv_znorm_opt *opt) {
    mv_cuda_volume d, s, m;
    mv_znorm_opt o;
    mv_status st = mv__cu_begin(ctx, "znorm");
    if (st < 0) return st;
    memset(&o, 0, sizeof o);
    if (opt) o = *opt;
    st = mv__cu_arrays(ctx, "znorm", &d, &s, dst, src, n);
    if (st == MEDVOL_OK) st = mv__cu_mask8(ctx, "znorm", &m, &o.mask, &o.mask8, n);
    if (st == MEDVOL_OK) st = mv__cu_in_znorm(ctx, &d, &s, &o);
    return mv__cu_end(ctx, st);
}
MV__CU_KERNEL(32, 1) mv__cu_k_rescale(mv__cu_line *to, const double *range, mv__cu_fold f) {
    if (threadIdx.x != 0) return;
    if (range[0] == range[0] && range[1] == range[1]) mv__cu_fold_rescale(to, range[0], range[1], f);
    else { /* told by the percentiles */
        mv__cu_line_clear(to);
        *f.stop = 1;
        mv__cu_raise(f.words, MEDVOL_E_RANGE, MV__CU_BAD_RANGE);
    }
}
MV__CU_FN mv_status mv__cu_in_rescale_check(mv_cuda_ctx *ctx, double out_min, double out_max,
                                            const mv_rescale_opt *o) {
    if (!(out_min <= out_max && mv__cu_finite(out_max - out_min)))
        return mv__cu_fail(ctx, MEDVOL_E_RANGE, "out_min", out_min,
                           "rescale: result range %g .. %g: must be finite, out_min <= out_max", out_min,
                           out_max);
    if (!(o->range >= MEDVOL_RANGE_DATA && o->range <= MEDVOL_RANGE_PERCENTILE))
        return mv__cu_fail(ctx, MEDVOL_E_RANGE, "range", o->range, "rescale: range = %d: must be 0..2",
                           o->range);
    if (o->range == MEDVOL_RANGE_GIVEN && !(o->lo < o->hi && mv__cu_finite(o->hi - o->lo)))
        return mv__cu_fail(ctx, MEDVOL_E_RANGE, "lo", o->lo,
                           "rescale: given range %g .. %g: must be finite, lo < hi", o->lo, o->hi);
    if (o->range == MEDVOL_RANGE_PERCENTILE && !(o->lo >= 0.0 && o->lo < o->hi && o->hi <= 100.0))
        return mv__cu_fail(ctx, MEDVOL_E_RANGE, "lo", o->lo,
                           "rescale: percentiles %g .. %g: must be within 0..100, lo < hi", o->lo, o->hi);
    return MEDVOL_OK;
}
MV__CU_FN mv_status mv__cu_in_rescale_lines(mv_cuda_ctx *ctx, const mv__cu_set *s, mv__cu_line *lines,
                                            double *range, const mv__cu_fold *how, const mv_rescale_opt *o) {
    const double q[2] = {o->lo, o->hi};
    mv__cu_fold f = *how;
    size_t i;
    mv_status st = MEDVOL_OK;
    if (o->range == MEDVOL_RANGE_PERCENTILE)
        st = mv__cu_in_quantiles(ctx, s, range, q, 2, MEDVOL_PERCENTILE_LINEAR);
    for (i = 0; i < s->parts && st == MEDVOL_OK; i++) {
        f.to = lines + i;
        if (o->range == MEDVOL_RANGE_DATA) st = mv__cu_moments_of(ctx, s, i, &f);
        else {
            MV__CU_LAUNCH(mv__cu_k_rescale, 1, 32, 0, ctx->stream, lines + i, (const double *)(range + 2 * i),
                          f);
            st = mv__cu_launched(ctx, s->op);
        }
    }
    return st;
}
MV__CU_FN mv_status mv__cu_in_rescale(mv_cuda_ctx *ctx, mv_cuda_volume *dst, const mv_cuda_volume *src,
                                      double out_min, double out_max, const mv_rescale_opt *o) {
    static const char op[] = "rescale";
    mv__cu_set s;
    mv__cu_fold f;
    mv__cu_line *lines;
    double *range;
    size_t bytes, more;
    mv_status st;
    if (!dst) return mv__cu_fail_null(ctx, op, "dst");
    if ((st = mv__cu_set_begin(ctx, op, &s, src, o->mask, o->mask8, o->nonzero, o->split)) < 0) return st;
    if ((st = mv__cu_in_rescale_check(ctx, out_min, out_max, o)) < 0) return st;
    memset(&f, 0, sizeof f);
    f.what = MV__CU_TO_RESCALE;
    f.data = o->range == MEDVOL_RANGE_DATA;
    f.out_min = out_min, f.out_max = out_max;
    f.clip = o->clip != 0;
    f.keep0 = s.nonzero;
    f.slope = s.slope, f.inter = s.inter, f.zero = s.zero;
    if (o->range == MEDVOL_RANGE_GIVEN) {
        mv__cu_line line;
        memset(&line, 0, sizeof line);
        line.dm = o->lo, line.dk = (out_max - out_min) / (o->hi - o->lo), line.db = out_min;
        line.clip = f.clip, line.keep0 = f.keep0;
        line.dlo = out_min, line.dhi = out_max;
        if (!mv__cu_finite(line.dk)) line.dk = 1.0, line.clip = 1, line.dhi = out_min;
        mv__cu_line_set(&line, s.slope, s.inter, s.zero);
        return mv__cu_in_lines(ctx, dst, &s, NULL, NULL, &line);
    }
    bytes = mv__cu_in_records(&s, sizeof *lines);
    more = mv__cu_round(2 * s.parts * sizeof *range);
    st = mv__cu_room(ctx, op,
                     bytes + more + s.flat_bytes +
                         (f.data ? mv__cu_moments_bytes(&s) : (size_t)MV__CU_SELECT_BYTES));
    if (st < 0) return st;
    if ((st = mv__cu_in_stop(ctx, op, &f)) < 0) return st;
    lines = (mv__cu_line *)mv__cu_take(ctx, bytes - 256);
    range = (double *)mv__cu_take(ctx, more);
    if ((st = mv__cu_in_rescale_lines(ctx, &s, lines, range, &f, o)) < 0) return st;
    return mv__cu_in_lines(ctx, dst, &s, lines, f.stop, NULL);
}
MEDVOL_DEF mv_status mv_cuda_rescale(mv_cuda_ctx *ctx, mv_cuda_volume *dst, const mv_cuda_volume *src,
                                     double out_min, double out_max, const mv_rescale_opt *opt) {
    mv_rescale_opt o;
    mv_status st = mv__cu_begin(ctx, "rescale");
    if (st < 0) return st;
    memset(&o, 0, sizeof o);
    if (opt) o = *opt;
    return mv__cu_end(ctx, mv__cu_in_rescale(ctx, dst, src, out_min, out_max, &o));
}
MEDVOL_DEF mv_status mv_cuda_rescale_f32(mv_cuda_ctx *ctx, float *dst, const float *src, size_t n,
                                         double out_min, double out_max, const mv_rescale_opt *opt) {
    mv_cuda_volume d, s, m;
    mv_rescale_opt o;
    mv_status st = mv__cu_begin(ctx, "rescale");
    if (st < 0) return st;
    memset(&o, 0, sizeof o);
    if (opt) o = *opt;
    st = mv__cu_arrays(ctx, "rescale", &d, &s, dst, src, n);
    if (st == MEDVOL_OK) st = mv__cu_mask8(ctx, "rescale", &m, &o.mask, &o.mask8, n);
    if (st == MEDVOL_OK) st = mv__cu_in_rescale(ctx, &d, &s, out_min, out_max, &o);
    return mv__cu_end(ctx, st);
}
MV__CU_FN mv_status mv__cu_in_linear(mv_cuda_ctx *ctx, mv_cuda_volume *dst, const mv_cuda_volume *src,
                                     double a, double b) {
    mv__cu_set s;
    mv__cu_line line;
    mv_status st;
    if (!dst) return mv__cu_fail_null(ctx, "linear", "dst");
    if ((st = mv__cu_set_begin(ctx, "linear", &s, src, NULL, NULL, 0, 0)) < 0) return st;
    if (!mv__cu_finite(a) || !mv__cu_finite(b))
        return mv__cu_fail(ctx, MEDVOL_E_RANGE, "a", a, "linear: a = %g, b = %g: must be finite", a, b);
    memset(&line, 0, sizeof line);
    line.dk = a, line.db = b;
    mv__cu_line_set(&line, s.slope, s.inter, s.zero);
    return mv__cu_in_lines(ctx, dst, &s, NULL, NULL, &line);
}
MEDVOL_DEF mv_status mv_cuda_linear(mv_cuda_ctx *ctx, mv_cuda_volume *dst, const mv_cuda_volume *src,
                                    double a, double b) {
    mv_status st = mv__cu_begin(ctx, "linear");
    if (st < 0) return st;
    return mv__cu_end(ctx, mv__cu_in_linear(ctx, dst, src, a, b));
}
MEDVOL_DEF mv_status mv_cuda_linear_f32(mv_cuda_ctx *ctx, float *dst, const float *src, size_t n, double a,
                                        double b) {
    mv_cuda_volume d, s;
    mv_status st = mv__cu_begin(ctx, "linear");
    if (st < 0) return st;
    st = mv__cu_arrays(ctx, "linear", &d, &s, dst, src, n);
    return mv__cu_end(ctx, st < 0 ? st : mv__cu_in_linear(ctx, &d, &s, a, b));
}

/* ---- clamp and threshold: bounds found once, in the domain of the stored values ---- */
template <class T> struct mv__cu_op_keep {
    T lo, hi, under, over;
    MV__CU_IN int begin() { return 1; }
    MV__CU_IN void run(T *d, T s) const { *d = s < lo ? under : s > hi ? over : s; }
};
typedef struct mv__cu_op_inside {
    float lo, hi;
    MV__CU_IN int begin() { return 1; }
    MV__CU_IN void run(unsigned char *d, float s) const { *d = s >= lo && s <= hi ? 1 : 0; }
} mv__cu_op_inside;
MV__CU_FN float mv__cu_up(double x, int open) { /* the least float >= x (open: > x) */
    const float f = (float)x;
    if (!mv__cu_finite(x)) return f;
    return (double)f < x || (open && (double)f == x) ? nextafterf(f, HUGE_VALF) : f;
}
MV__CU_FN float mv__cu_down(double x, int open) {
    const float f = (float)x;
    if (!mv__cu_finite(x)) return f;
    return (double)f > x || (open && (double)f == x) ? nextafterf(f, -HUGE_VALF) : f;
}
MV__CU_FN void mv__cu_limits(mv_dtype t, double *lo, double *hi) { /* of an integer type */
    const int bits = 8 * (int)mv_dtype_size(t);
    const int is_signed = t == MEDVOL_I8 || t == MEDVOL_I16 || t == MEDVOL_I32 || t == MEDVOL_I64;
    *lo = is_signed ? -ldexp(1.0, bits - 1) : 0.0;
    *hi = ldexp(1.0, bits - is_signed) - 1.0;
}
MV__CU_FN int mv__cu_obeys(const mv__cu_any *g, double stored, double limit, int upper) {
    volatile double product = stored * g->slope; /* rounded as medvol.h rounds it */
    const double x = product + g->inter;
    return upper ? !(g->open & 2 ? x >= limit : x > limit) : !(g->open & 1 ? x <= limit : x < limit);
}
/* The outermost stored whole number that obeys a bound; one beyond the type's range when none does. */
MV__CU_FN double mv__cu_bound(const mv__cu_any *g, mv_dtype t, double limit, int upper) {
    const int rising = (upper == 0) == (g->slope > 0.0);
    const double step = rising ? 1.0 : -1.0;
    double lo, hi, s;
    int i;
    mv__cu_limits(t, &lo, &hi);
    s = (limit - g->inter) / g->slope;
    s = s < lo - 1.0 ? lo - 1.0 : s > hi + 1.0 ? hi + 1.0 : s;
    s = rising ? ceil(s) : floor(s);
    for (i = 0; i < 2 && s - step >= lo && s - step <= hi && mv__cu_obeys(g, s - step, limit, upper); i++)
        s -= step;
    for (i = 0; i < 2 && s >= lo && s <= hi && !mv__cu_obeys(g, s, limit, upper); i++) s += step;
    return s;
}
MV__CU_FN mv__cu_u64 mv__cu_stored(mv_dtype t, double x) { /* as its bits; mv_convert_array knows how */
    mv__cu_u64 v = 0;
    (void)mv_convert_array(NULL, &v, t, &x, MEDVOL_F64, 1, 1.0, 0.0);
    return v;
}
typedef struct mv__cu_keep { /* of 8 and 16-bit integers */
    int lo, hi;
} mv__cu_keep;
MV__CU_FN mv_status mv__cu_in_stored(mv_cuda_ctx *ctx, mv__cu_any *g, mv_dtype t, int clamp,
                                     mv__cu_keep *keep) {
    double a, b, lo, hi;
    g->u = mv__cu_stored(t, (g->under - g->inter) / g->slope);
    g->o = mv__cu_stored(t, (g->over - g->inter) / g->slope);
    if (!mv__cu_is_integer(t)) return MEDVOL_OK;
    mv__cu_limits(t, &lo, &hi);
    a = mv__cu_bound(g, t, g->lo, 0);
    b = mv__cu_bound(g, t, g->hi, 1);
    if (clamp) {
        if (g->slope > 0.0 ? a > b || a > hi || b < lo : a < b || a < lo || b > hi)
            return mv__cu_fail(ctx, MEDVOL_E_RANGE, "lo", g->lo,
                               "clamp: no value of the type %s lies in %g .. %g", mv_dtype_name(t), g->lo,
                               g->hi);
        g->u = mv__cu_stored(t, a < lo ? lo : a > hi ? hi : a);
        g->o = mv__cu_stored(t, b < lo ? lo : b > hi ? hi : b);
    }
    if (mv_dtype_size(t) > 2) return MEDVOL_OK;
    keep->lo = (int)(g->slope > 0.0 ? a : b);
    keep->hi = (int)(g->slope > 0.0 ? b : a);
    if (g->slope < 0.0 && keep->lo > keep->hi + 1) keep->lo = keep->hi + 1; /* below goes first */
    return MEDVOL_OK;
}
template <class T> struct mv__cu_op_keep_whole {
    int lo, hi;
    T under, over;
    MV__CU_IN int begin() { return 1; }
    MV__CU_IN void run(T *d, T s) const { *d = (int)s < lo ? under : (int)s > hi ? over : s; }
};
template <class T> MV__CU_FN mv_status mv__cu_in_keep(mv_cuda_ctx *ctx, const char *op, void *d,
                                                      const void *s, const mv__cu_walk *w,
                                                      const mv__cu_any *g, const mv__cu_keep *keep) {
    mv__cu_op_keep_whole<T> f;
    const T u = (T)g->u, o = (T)g->o;
    f.lo = keep->lo, f.hi = keep->hi;
    f.under = g->slope > 0.0 ? u : o;
    f.over = g->slope > 0.0 ? o : u;
    return mv__cu_map(ctx, op, (T *)d, (const T *)s, w, f);
}
MV__CU_FN mv_status mv__cu_in_keeps(mv_cuda_ctx *ctx, const char *op, const mv_cuda_volume *out,
                                    const mv_cuda_volume *src, const mv__cu_walk *w, const mv__cu_any *g,
                                    const mv__cu_keep *keep, int clamp) {
    mv__cu_op_keep<float> f;
    switch (src->dtype) {
        case MEDVOL_U8: return mv__cu_in_keep<unsigned char>(ctx, op, out->data, src->data, w, g, keep);
        case MEDVOL_I8: return mv__cu_in_keep<signed char>(ctx, op, out->data, src->data, w, g, keep);
        case MEDVOL_U16: return mv__cu_in_keep<unsigned short>(ctx, op, out->data, src->data, w, g, keep);
        case MEDVOL_I16: return mv__cu_in_keep<short>(ctx, op, out->data, src->data, w, g, keep);
        default: break;
    }
    if (src->dtype != MEDVOL_F32 || g->scaled) return mv__cu_map_any(ctx, op, out->data, src->data, w, g);
    f.lo = clamp ? (float)g->lo : mv__cu_up(g->lo, g->open & 1);
    f.hi = clamp ? (float)g->hi : mv__cu_down(g->hi, g->open & 2);
    f.under = (float)g->under;
    f.over = (float)g->over;
    return mv__cu_map(ctx, op, (float *)out->data, (const float *)src->data, w, f);
}
MV__CU_FN mv_status mv__cu_in_limit(mv_cuda_ctx *ctx, const char *op, mv_cuda_volume *dst,
                                    const mv_cuda_volume *src, mv__cu_any *g, int clamp) {
    const int inside = g->kind == MV__CU_ANY_INSIDE;
    mv__cu_keep keep = {0, 0};
    mv_cuda_volume out;
    mv_dtype t;
    mv__cu_walk w;
    mv_status st;
    t = !inside ? mv__cu_in_type(dst, src, 1) : dst != src && dst->data ? dst->dtype : MEDVOL_U8;
    mv__cu_vol_scaling(src, &g->slope, &g->inter);
    g->scaled = mv__cu_scaled(g->slope, g->inter);
    g->same = !inside && t == src->dtype;
    g->bytes = (int)mv_dtype_size(src->dtype);
    g->dt = (int)t, g->st = (int)src->dtype;
    if (g->same && (st = mv__cu_in_stored(ctx, g, t, clamp, &keep)) < 0) return st;
    if ((st = mv__cu_in_out(ctx, op, &out, dst, src, t, !inside)) < 0) return st;
    mv__cu_walk_init(&w, &out, src, -1);
    if (g->same) st = mv__cu_in_keeps(ctx, op, &out, src, &w, g, &keep, clamp);
    else if (inside && t == MEDVOL_U8 && src->dtype == MEDVOL_F32 && !g->scaled) {
        mv__cu_op_inside f;
        f.lo = mv__cu_up(g->lo, g->open & 1);
        f.hi = mv__cu_down(g->hi, g->open & 2);
        st = mv__cu_map(ctx, op, (unsigned char *)out.data, (const float *)src->data, &w, f);
    } else st = mv__cu_map_any(ctx, op, out.data, src->data, &w, g);
    return mv__cu_out_end(ctx, st, &out, dst);
}
MV__CU_FN mv_status mv__cu_in_limit_check(mv_cuda_ctx *ctx, const char *op, const mv_cuda_volume *dst,
                                          const mv_cuda_volume *src, double lo, double hi) {
    mv_status st;
    if (!dst) return mv__cu_fail_null(ctx, op, "dst");
    if ((st = mv__cu_vol_check_real(ctx, op, "src", src)) < 0) return st;
    if (!(lo <= hi))
        return mv__cu_fail(ctx, MEDVOL_E_RANGE, "lo", lo, "%s: lo = %g, hi = %g: must not be NaN, lo <= hi",
                           op, lo, hi);
    return MEDVOL_OK;
}
MV__CU_FN mv_status mv__cu_in_clamp(mv_cuda_ctx *ctx, mv_cuda_volume *dst, const mv_cuda_volume *src,
                                    double lo, double hi) {
    mv__cu_any g;
    mv_status st = mv__cu_in_limit_check(ctx, "clamp", dst, src, lo, hi);
    if (st < 0) return st;
    memset(&g, 0, sizeof g);
    g.kind = MV__CU_ANY_STAY;
    g.lo = g.under = lo;
    g.hi = g.over = hi;
    return mv__cu_in_limit(ctx, "clamp", dst, src, &g, 1);
}
MEDVOL_DEF mv_status mv_cuda_clamp(mv_cuda_ctx *ctx, mv_cuda_volume *dst, const mv_cuda_volume *src,
                                   double lo, double hi) {
    mv_status st = mv__cu_begin(ctx, "clamp");
    if (st < 0) return st;
    return mv__cu_end(ctx, mv__cu_in_clamp(ctx, dst, src, lo, hi));
}
MEDVOL_DEF mv_status mv_cuda_clamp_f32(mv_cuda_ctx *ctx, float *dst, const float *src, size_t n, double lo,
                                       double hi) {
    mv_cuda_volume d, s;
    mv_status st = mv__cu_begin(ctx, "clamp");
    if (st < 0) return st;
    st = mv__cu_arrays(ctx, "clamp", &d, &s, dst, src, n);
    return mv__cu_end(ctx, st < 0 ? st : mv__cu_in_clamp(ctx, &d, &s, lo, hi));
}
MV__CU_FN mv_status mv__cu_in_threshold(mv_cuda_ctx *ctx, mv_cuda_volume *dst, const mv_cuda_volume *src,
                                        double lo, double hi, const mv_threshold_opt *opt) {
    mv__cu_any g;
    mv_status st = mv__cu_in_limit_check(ctx, "threshold", dst, src, lo, hi);
    if (st < 0) return st;
    memset(&g, 0, sizeof g);
    g.kind = opt && opt->binary ? MV__CU_ANY_INSIDE : MV__CU_ANY_STAY;
    g.open = opt && opt->open ? (mv__cu_finite(lo) ? 1 : 0) | (mv__cu_finite(hi) ? 2 : 0) : 0;
    g.lo = lo, g.hi = hi;
    g.under = opt ? opt->below : 0.0;
    g.over = opt ? opt->above : 0.0;
    if (g.under != g.under || g.over != g.over)
        return mv__cu_fail(ctx, MEDVOL_E_RANGE, "below", g.under,
                           "threshold: below = %g, above = %g: must not be NaN", g.under, g.over);
    return mv__cu_in_limit(ctx, "threshold", dst, src, &g, 0);
}
MEDVOL_DEF mv_status mv_cuda_threshold(mv_cuda_ctx *ctx, mv_cuda_volume *dst, const mv_cuda_volume *src,
                                       double lo, double hi, const mv_threshold_opt *opt) {
    mv_status st = mv__cu_begin(ctx, "threshold");
    if (st < 0) return st;
    return mv__cu_end(ctx, mv__cu_in_threshold(ctx, dst, src, lo, hi, opt));
}
MEDVOL_DEF mv_status mv_cuda_threshold_f32(mv_cuda_ctx *ctx, float *dst, const float *src, size_t n,
                                           double lo, double hi, const mv_threshold_opt *opt) {
    mv_cuda_volume d, s;
    mv_status st = mv__cu_begin(ctx, "threshold");
    if (st < 0) return st;
    st = mv__cu_arrays(ctx, "threshold", &d, &s, dst, src, n);
    return mv__cu_end(ctx, st < 0 ? st : mv__cu_in_threshold(ctx, &d, &s, lo, hi, opt));
}

/* ---- gamma ---- */
typedef struct mv__cu_op_power {
    float g, rest, lo, range, scale;
    int mode;
    const mv__cu_power *from;
    const int *stop;
    MV__CU_IN int begin() {
        if (from) lo = from->flo, range = from->frange, scale = from->fscale;
        return !stop || !*stop;
    }
    MV__CU_IN void run(float *d, float s) const {
        if (mode != MEDVOL_GAMMA_NORMALISED) *d = mv__cu_power_f32(s, g, rest, mode);
        else *d = mv__cu_power_f32((s - lo) * scale, g, rest, MEDVOL_GAMMA_PLAIN) * range + lo;
    }
} mv__cu_op_power;
MV__CU_FN mv_status mv__cu_in_gamma_map(mv_cuda_ctx *ctx, mv_cuda_volume *dst, const mv__cu_set *s,
                                        const mv__cu_power *powers, const int *stop, mv_dtype t, double g,
                                        int mode) {
    mv_cuda_volume out;
    mv__cu_op_power f;
    mv__cu_any any;
    mv__cu_walk w;
    size_t i;
    mv_status st = mv__cu_in_out(ctx, s->op, &out, dst, s->src, t, 0);
    if (st < 0) return st;
    memset(&f, 0, sizeof f);
    memset(&any, 0, sizeof any);
    f.g = (float)g, f.mode = mode;
    f.rest = (float)(g - (double)f.g);
    f.stop = any.stop = stop;
    any.kind = MV__CU_ANY_POWER;
    any.dt = (int)t, any.st = (int)s->src->dtype;
    any.slope = s->slope, any.inter = s->inter;
    any.scaled = mv__cu_scaled(s->slope, s->inter);
    any.power.g = g, any.power.mode = mode;
    for (i = 0; i < s->parts && st == MEDVOL_OK; i++) {
        const mv_cuda_volume d = mv__cu_part(&out, s->axis, i), p = mv__cu_part(s->src, s->axis, i);
        mv__cu_walk_init(&w, &d, &p, -1);
        f.from = any.power_from = powers ? powers + i : NULL;
        st = t == MEDVOL_F32 && p.dtype == MEDVOL_F32 && !any.scaled
                 ? mv__cu_map(ctx, s->op, (float *)d.data, (const float *)p.data, &w, f)
                 : mv__cu_map_any(ctx, s->op, d.data, p.data, &w, &any);
    }
    return mv__cu_out_end(ctx, st, &out, dst);
}
MV__CU_FN mv_status mv__cu_in_gamma(mv_cuda_ctx *ctx, mv_cuda_volume *dst, const mv_cuda_volume *src,
                                    double g, const mv_gamma_opt *opt) {
    static const char op[] = "gamma";
    const int mode = opt ? opt->mode : 0;
    mv__cu_set s;
    mv__cu_fold f;
    mv__cu_power *powers = NULL;
    const int *stop = NULL;
    mv_dtype t;
    size_t i, bytes;
    mv_status st;
    if (!dst) return mv__cu_fail_null(ctx, op, "dst");
    if ((st = mv__cu_set_begin(ctx, op, &s, src, NULL, NULL, 0, opt ? opt->split : 0)) < 0) return st;
    if (!(g > 0.0 && mv__cu_finite(g)))
        return mv__cu_fail(ctx, MEDVOL_E_RANGE, "g", g, "%s: g = %g: must be > 0 and finite", op, g);
    if (!(mode >= MEDVOL_GAMMA_PLAIN && mode <= MEDVOL_GAMMA_SIGNED))
        return mv__cu_fail(ctx, MEDVOL_E_RANGE, "mode", mode, "%s: mode = %d: must be 0..2", op, mode);
    t = mv__cu_in_type(dst, src, 0);
    if (mode == MEDVOL_GAMMA_NORMALISED) {
        bytes = mv__cu_in_records(&s, sizeof *powers);
        if ((st = mv__cu_room(ctx, op, bytes + mv__cu_moments_bytes(&s) + s.flat_bytes)) < 0) return st;
        memset(&f, 0, sizeof f);
        st = mv__cu_in_stop(ctx, op, &f);
        stop = f.stop;
        powers = (mv__cu_power *)mv__cu_take(ctx, bytes - 256);
        f.what = MV__CU_TO_GAMMA;
        f.g = g;
        f.as_float = t == MEDVOL_F32;
        for (i = 0; i < s.parts && st == MEDVOL_OK; i++) {
            f.to = powers + i;
            st = mv__cu_moments_of(ctx, &s, i, &f);
        }
        if (st < 0) return st;
    }
    return mv__cu_in_gamma_map(ctx, dst, &s, powers, stop, t, g, mode);
}
MEDVOL_DEF mv_status mv_cuda_gamma(mv_cuda_ctx *ctx, mv_cuda_volume *dst, const mv_cuda_volume *src, double g,
                                   const mv_gamma_opt *opt) {
    mv_status st = mv__cu_begin(ctx, "gamma");
    if (st < 0) return st;
    return mv__cu_end(ctx, mv__cu_in_gamma(ctx, dst, src, g, opt));
}
MEDVOL_DEF mv_status mv_cuda_gamma_f32(mv_cuda_ctx *ctx, float *dst, const float *src, size_t n, double g,
                                       const mv_gamma_opt *opt) {
    mv_cuda_volume d, s;
    mv_status st = mv__cu_begin(ctx, "gamma");
    if (st < 0) return st;
    st = mv__cu_arrays(ctx, "gamma", &d, &s, dst, src, n);
    return mv__cu_end(ctx, st < 0 ? st : mv__cu_in_gamma(ctx, &d, &s, g, opt));
}
/* ==== [SPATIAL] crop, pad, flip, permute, reorient, rotate by 90 degrees. Owns mv__cu_sp_*. Uses [BASE]
   [CTX] [VOLUME]. One engine as in medvol.h: a box of counts with two sets of strides in bytes, either sign.
   Rows that stay rows are copied or reversed by 16-byte accesses; where the row axis moves, tiles turn in
   shared memory. ========================================================================================= */
typedef struct mv__cu_sp_box {
    unsigned char *d;
    const unsigned char *s;
    size_t size, n[7];
    ptrdiff_t ds[7], ss[7];
    int nd;
} mv__cu_sp_box;
MV__CU_FN void mv__cu_sp_drop(mv__cu_sp_box *b, int k) {
    for (b->nd--; k < b->nd; k++) b->n[k] = b->n[k + 1], b->ds[k] = b->ds[k + 1], b->ss[k] = b->ss[k + 1];
}
MV__CU_FN void mv__cu_sp_swap(mv__cu_sp_box *b, int i, int j) {
    const size_t n = b->n[i];
    const ptrdiff_t d = b->ds[i], s = b->ss[i];
    b->n[i] = b->n[j], b->ds[i] = b->ds[j], b->ss[i] = b->ss[j];
    b->n[j] = n, b->ds[j] = d, b->ss[j] = s;
}
MV__CU_FN void mv__cu_sp_turn_axis(mv__cu_sp_box *b, int k) { /* run it the other way in both */
    b->d += b->ds[k] * (ptrdiff_t)(b->n[k] - 1);
    b->s += b->ss[k] * (ptrdiff_t)(b->n[k] - 1);
    b->ds[k] = -b->ds[k];
    b->ss[k] = -b->ss[k];
}
/* Axes of one voxel go, d runs forwards and ascends, axes that follow each other in both become one. */
MV__CU_FN void mv__cu_sp_simplify(mv__cu_sp_box *b) {
    int i, j;
    for (i = b->nd - 1; i >= 0; i--)
        if (b->n[i] == 1) mv__cu_sp_drop(b, i);
        else if (b->ds[i] < 0) mv__cu_sp_turn_axis(b, i);
    for (i = 1; i < b->nd; i++)
        for (j = i; j > 0 && b->ds[j] < b->ds[j - 1]; j--) mv__cu_sp_swap(b, j, j - 1);
    for (i = 0; i + 1 < b->nd;) {
        const ptrdiff_t n = (ptrdiff_t)b->n[i];
        if (b->ds[i + 1] == b->ds[i] * n && b->ss[i + 1] == b->ss[i] * n) {
            b->n[i] *= b->n[i + 1];
            mv__cu_sp_drop(b, i + 1);
        } else i++;
    }
    if (b->nd == 0) b->nd = 1, b->n[0] = 1, b->ds[0] = b->ss[0] = (ptrdiff_t)b->size;
}
MV__CU_FN size_t mv__cu_sp_unit(size_t bits) { /* the widest word that all of these are multiples of */
    return bits & 1 ? 1 : bits & 2 ? 2 : bits & 4 ? 4 : 8;
}
MV__CU_FN size_t mv__cu_sp_bits(const mv__cu_sp_box *b, int from) {
    size_t bits = (size_t)(uintptr_t)b->d | (size_t)(uintptr_t)b->s | b->size;
    int k;
    for (k = from; k < b->nd; k++) bits |= (size_t)b->ds[k] | (size_t)b->ss[k];
    return bits;
}
/* rows: axes from.. */
MV__CU_FN void mv__cu_sp_walk(mv__cu_walk *w, const mv__cu_sp_box *b, int from, size_t unit) {
    int k;
    memset(w, 0, sizeof *w);
    w->len = (long long)b->n[0];
    w->dx = b->ds[0] / (ptrdiff_t)unit;
    w->sx = b->ss[0] / (ptrdiff_t)unit;
    w->rows = 1;
    for (k = from; k < b->nd; k++) {
        w->dim[w->axes] = (long long)b->n[k];
        w->ds[w->axes] = b->ds[k] / (ptrdiff_t)unit;
        w->ss[w->axes++] = b->ss[k] / (ptrdiff_t)unit;
        w->rows *= (long long)b->n[k];
    }
}
template <class T, int N> MV__CU_DEV void mv__cu_stn(T *p, const mv__cu_pack<T, N> &r, int packed) {
    if (packed) mv__cu_stg((typename mv__cu_pack<T, N>::word *)(void *)p, r.w);
    else {
        int k;
        MV__CU_UNROLL for (k = 0; k < N; k++) p[k] = r.v[k];
    }
}

/* ---- elements of m words, anywhere; swap: both ways ---- */
template <class T> MV__CU_KERNEL(MV__CU_B, 4) mv__cu_k_sp_any(T *d, const T *s, mv__cu_walk w, int m) {
    long long a, b, at, n, i;
    int j;
    if (!mv__cu_walk_item(w, &a, &b, &at, &n)) return;
    for (i = at + ((int)threadIdx.x & 31); i < at + n; i += 32)
        for (j = 0; j < m; j++) d[a + i * w.dx + j] = s[b + i * w.sx + j];
}
template <class T> MV__CU_KERNEL(MV__CU_B, 4) mv__cu_k_sp_swap(T *d, T *s, mv__cu_walk w, int m) {
    long long a, b, at, n, i;
    int j;
    if (!mv__cu_walk_item(w, &a, &b, &at, &n)) return;
    for (i = at + ((int)threadIdx.x & 31); i < at + n; i += 32)
        for (j = 0; j < m; j++) {
            const T x = d[a + i * w.dx + j];
            d[a + i * w.dx + j] = s[b + i * w.sx + j];
            s[b + i * w.sx + j] = x;
        }
}
template <class T>
MV__CU_FN mv_status mv__cu_sp_words(mv_cuda_ctx *ctx, const char *op, const mv__cu_sp_box *b,
                                    const mv__cu_walk *w, int swap) {
    unsigned grid = 0;
    const int m = (int)(b->size / sizeof(T));
    mv_status st = mv__cu_grid(ctx, op, mv__cu_walk_blocks(w), &grid);
    if (st < 0) return st;
    if (swap)
        MV__CU_LAUNCH(mv__cu_k_sp_swap<T>, grid, MV__CU_B, 0, ctx->stream, (T *)(void *)b->d,
                      (T *)(uintptr_t)b->s, *w, m);
    else
        MV__CU_LAUNCH(mv__cu_k_sp_any<T>, grid, MV__CU_B, 0, ctx->stream, (T *)(void *)b->d,
                      (const T *)(const void *)b->s, *w, m);
    return mv__cu_launched(ctx, op);
}
MV__CU_FN mv_status mv__cu_sp_anyhow(mv_cuda_ctx *ctx, const char *op, const mv__cu_sp_box *b, int swap) {
    const size_t unit = mv__cu_sp_unit(mv__cu_sp_bits(b, 0));
    mv__cu_walk w;
    mv__cu_sp_walk(&w, b, 1, unit);
    switch (unit) {
        case 1: return mv__cu_sp_words<unsigned char>(ctx, op, b, &w, swap);
        case 2: return mv__cu_sp_words<unsigned short>(ctx, op, b, &w, swap);
        case 4: return mv__cu_sp_words<unsigned>(ctx, op, b, &w, swap);
        default: return mv__cu_sp_words<mv__cu_u64>(ctx, op, b, &w, swap);
    }
}
/* Rows forwards: in the widest words that fit */
MV__CU_FN mv_status mv__cu_sp_forward(mv_cuda_ctx *ctx, const char *op, const mv__cu_sp_box *b, int swap) {
    const size_t bytes = b->n[0] * b->size, bits = (size_t)(uintptr_t)b->d | (size_t)(uintptr_t)b->s | bytes;
    mv__cu_sp_box c = *b;
    mv__cu_walk w;
    size_t all = bits;
    int k;
    for (k = 1; k < b->nd; k++) all |= (size_t)b->ds[k] | (size_t)b->ss[k];
    c.size = mv__cu_sp_unit(all);
    c.n[0] = bytes / c.size;
    c.ds[0] = c.ss[0] = (ptrdiff_t)c.size;
    if (swap) return mv__cu_sp_anyhow(ctx, op, &c, 1);
    mv__cu_sp_walk(&w, &c, 1, c.size);
    return mv__cu_map_same(ctx, op, c.d, c.s, c.size, &w);
}

/* ---- rows backwards: s points at the element that comes first ---- */
template <class T> MV__CU_KERNEL(MV__CU_B, 4) mv__cu_k_sp_back(T *d, const T *s, mv__cu_walk w) {
    enum { N = 16 / (int)sizeof(T) };
    const int lane = (int)threadIdx.x & 31;
    long long a, b, at, n, i, head, groups;
    int k;
    if (!mv__cu_walk_item(w, &a, &b, &at, &n)) return;
    d += a + at;
    s += b - at;
    head = (long long)((0 - (mv__cu_u64)(size_t)d) / sizeof(T) % N);
    head = head < n ? head : n;
    groups = (n - head) / N;
    const int packed = (size_t)(s - head + 1) % 16 == 0;
    for (i = lane; i < groups; i += 32) {
        mv__cu_pack<T, N> in, out;
        mv__cu_ldn<T, N>(in, s - head - i * N - (N - 1), packed, 1);
        MV__CU_UNROLL for (k = 0; k < N; k++) out.v[k] = in.v[N - 1 - k];
        mv__cu_stg((typename mv__cu_pack<T, N>::word *)(void *)(d + head + i * N), out.w);
    }
    for (i = lane; i < n - groups * N; i += 32) {
        const long long j = i < head ? i : groups * N + i;
        d[j] = s[-j];
    }
}
template <class T>
MV__CU_FN mv_status mv__cu_sp_back(mv_cuda_ctx *ctx, const char *op, const mv__cu_sp_box *b) {
    unsigned grid = 0;
    mv__cu_walk w;
    mv_status st;
    mv__cu_sp_walk(&w, b, 1, sizeof(T));
    if ((st = mv__cu_grid(ctx, op, mv__cu_walk_blocks(&w), &grid)) < 0) return st;
    MV__CU_LAUNCH(mv__cu_k_sp_back<T>, grid, MV__CU_B, 0, ctx->stream, (T *)(void *)b->d,
                  (const T *)(const void *)b->s, w);
    return mv__cu_launched(ctx, op);
}

/* ---- tiles: d's axis 1 is s's row. 32 x 32 elements, 64 x 64 of 8 and 16 bits in pairs; pitches by which a
   column of the tile lies in 32 banks. ---- */
typedef struct mv__cu_sp_two { /* 16 bytes, aligned to 8 */
    mv__cu_u64 a, b;
} mv__cu_sp_two;
template <class T> struct mv__cu_sp_shape {
    enum { P = sizeof(T) <= 2 ? 2 : 1, W = 32 * P, PITCH = sizeof(T) == 1 ? W + 2 : W + 1, R = W / 8 };
};
template <class T> struct mv__cu_sp_room { T t[mv__cu_sp_shape<T>::W][mv__cu_sp_shape<T>::PITCH]; };
typedef struct mv__cu_sp_turn {
    /* counts, steps in elements; the first tile and volume of this launch */
    long long n0, n1, ds1, ss0, k0, z0;
    int packed_s, packed_d;
    mv__cu_walk outer;
} mv__cu_sp_turn;
template <class T> MV__CU_KERNEL(MV__CU_B, 4) mv__cu_k_sp_tile(T *d, const T *s, mv__cu_sp_turn g) {
    typedef mv__cu_sp_shape<T> shape;
    typedef mv__cu_sp_room<T> room;
    enum { P = shape::P, W = shape::W, R = shape::R };
    MV__CU_SHARED(room, sh);
    const int lane = (int)threadIdx.x & 31, warp = (int)threadIdx.x >> 5;
    const long long i0 = (long long)blockIdx.x * W, k0 = g.k0 + (long long)blockIdx.y * W;
    mv__cu_pack<T, P> v[R];
    long long a, b, i, k;
    int u, p;
    mv__cu_walk_row(g.outer, (mv__cu_u64)(g.z0 + (long long)blockIdx.z), &a, &b);
    k = k0 + lane * P;
    s += b + k;
    MV__CU_UNROLL for (u = 0; u < R; u++) {
        i = i0 + warp + 8 * u;
        mv__cu_ldn<T, P>(v[u], s + i * g.ss0, g.packed_s, i < g.n0 && k + P <= g.n1);
        if (P > 1 && i < g.n0 && k + P > g.n1 && k < g.n1) v[u].v[0] = s[i * g.ss0];
    }
    MV__CU_UNROLL for (u = 0; u < R; u++) {
        if (i0 + warp + 8 * u >= g.n0) break;
        MV__CU_UNROLL for (p = 0; p < P; p++)
            if (k + p < g.n1) sh.t[warp + 8 * u][lane * P + p] = v[u].v[p];
    }
    mv__cu_sync();
    i = i0 + lane * P;
    d += a + i;
    MV__CU_UNROLL for (u = 0; u < R; u++) {
        k = k0 + warp + 8 * u;
        if (k >= g.n1 || i >= g.n0) break;
        v[0].v[0] = sh.t[lane * P][warp + 8 * u];
        if (i + P > g.n0) {
            d[k * g.ds1] = v[0].v[0];
            continue;
        }
        if (P > 1) v[0].v[P - 1] = sh.t[lane * P + P - 1][warp + 8 * u];
        mv__cu_stn<T, P>(d + k * g.ds1, v[0], g.packed_d);
    }
}
template <class T>
MV__CU_FN mv_status mv__cu_sp_tile(mv_cuda_ctx *ctx, const char *op, const mv__cu_sp_box *b) {
    enum { P = mv__cu_sp_shape<T>::P, W = mv__cu_sp_shape<T>::W, SIZE = P * (int)sizeof(T), MOST = 65535 };
    const size_t nx = mv__cu_divup(b->n[0], W), ny = mv__cu_divup(b->n[1], W);
    size_t sbits = (size_t)(uintptr_t)b->s | (size_t)b->ss[0],
        dbits = (size_t)(uintptr_t)b->d | (size_t)b->ds[1];
    mv__cu_sp_turn g;
    unsigned grid = 0;
    size_t y, z;
    int k;
    mv_status st = mv__cu_grid(ctx, op, nx, &grid);
    if (st < 0) return st;
    memset(&g, 0, sizeof g);
    for (k = 2; k < b->nd; k++) sbits |= (size_t)b->ss[k], dbits |= (size_t)b->ds[k];
    g.packed_s = sbits % SIZE == 0;
    g.packed_d = dbits % SIZE == 0;
    mv__cu_sp_walk(&g.outer, b, 2, sizeof(T));
    g.n0 = (long long)b->n[0], g.n1 = (long long)b->n[1];
    g.ds1 = b->ds[1] / (ptrdiff_t)sizeof(T);
    g.ss0 = b->ss[0] / (ptrdiff_t)sizeof(T);
    for (z = 0; z < (size_t)g.outer.rows && st == MEDVOL_OK; z += MOST)
        for (y = 0; y < ny && st == MEDVOL_OK; y += MOST) {
            const size_t my = ny - y < MOST ? ny - y : (size_t)MOST, mz = (size_t)g.outer.rows - z;
            const dim3 blocks(grid, (unsigned)my, mz < MOST ? (unsigned)mz : (unsigned)MOST);
            g.k0 = (long long)(y * W);
            g.z0 = (long long)z;
            MV__CU_LAUNCH(mv__cu_k_sp_tile<T>, blocks, MV__CU_B, 0, ctx->stream, (T *)(void *)b->d,
                          (const T *)(const void *)b->s, g);
            st = mv__cu_launched(ctx, op);
        }
    return st;
}
MV__CU_FN mv_status mv__cu_sp_run(mv_cuda_ctx *ctx, const char *op, mv__cu_sp_box *b) {
    const ptrdiff_t z = (ptrdiff_t)b->size;
    size_t unit;
    int k, from = -1;
    mv__cu_sp_simplify(b);
    if (b->ds[0] == z && b->ss[0] == z) return mv__cu_sp_forward(ctx, op, b, 0);
    unit = mv__cu_sp_unit(mv__cu_sp_bits(b, 0));
    if (unit != b->size && !(unit == 8 && b->size == 16)) return mv__cu_sp_anyhow(ctx, op, b, 0);
    if (b->ds[0] == z && b->ss[0] == -z) switch (b->size) {
        case 1: return mv__cu_sp_back<unsigned char>(ctx, op, b);
        case 2: return mv__cu_sp_back<unsigned short>(ctx, op, b);
        case 4: return mv__cu_sp_back<unsigned>(ctx, op, b);
        case 8: return mv__cu_sp_back<mv__cu_u64>(ctx, op, b);
        default: return mv__cu_sp_anyhow(ctx, op, b, 0);
    }
    for (k = 1; k < b->nd; k++)
        if (b->ss[k] == z || b->ss[k] == -z) from = k;
    if (b->ds[0] != z || from < 0) return mv__cu_sp_anyhow(ctx, op, b, 0);
    for (k = from; k > 1; k--) mv__cu_sp_swap(b, k, k - 1); /* s's fastest axis second, run forwards */
    if (b->ss[1] < 0) mv__cu_sp_turn_axis(b, 1);
    switch (b->size) {
        case 1: return mv__cu_sp_tile<unsigned char>(ctx, op, b);
        case 2: return mv__cu_sp_tile<unsigned short>(ctx, op, b);
        case 4: return mv__cu_sp_tile<unsigned>(ctx, op, b);
        case 8: return mv__cu_sp_tile<mv__cu_u64>(ctx, op, b);
        default: return mv__cu_sp_tile<mv__cu_sp_two>(ctx, op, b);
    }
}
/* Flips within one block: from the outermost flipped axis inwards each half changes places with its mirror
   image; of an odd axis the middle plane is left, in which the other axes go on. */
MV__CU_FN mv_status mv__cu_sp_inplace(mv_cuda_ctx *ctx, const char *op, mv__cu_sp_box *b) {
    mv_status st = MEDVOL_OK;
    mv__cu_sp_simplify(b);
    while (st == MEDVOL_OK && b->nd > 0) {
        mv__cu_sp_box h = *b;
        int k = b->nd - 1;
        while (k >= 0 && b->ss[k] > 0) k--;
        if (k < 0) return st;
        h.n[k] = b->n[k] / 2; /* at least 1: axes of one voxel are gone */
        st = h.ds[0] == (ptrdiff_t)h.size && h.ss[0] == h.ds[0] ? mv__cu_sp_forward(ctx, op, &h, 1)
                                                                : mv__cu_sp_anyhow(ctx, op, &h, 1);
        if (b->n[k] % 2 == 0) return st;
        b->d += (ptrdiff_t)(b->n[k] / 2) * b->ds[k];
        b->s += (ptrdiff_t)(b->n[k] / 2) * b->ss[k];
        mv__cu_sp_drop(b, k);
    }
    return st;
}

/* ---- flip, permute, reorient, rot90: dst axis d is src axis order[d]; flips: bits of src axes ---- */
MV__CU_FN double mv__cu_sp_times(double a, double b) { /* rounded, as medvol.h does */
    volatile double p = a * b;
    return p;
}
MV__CU_FN void mv__cu_sp_turn_geometry(mv_volume *out, const mv_volume *src, int nd, const int *order,
                                       unsigned flips) {
    double a[12], step[4], spacing[3];
    int d, r;
    memcpy(a, src->affine, sizeof a);
    memcpy(step, src->step, sizeof step);
    mv_affine_spacing(spacing, a);
    for (d = 0; d < 3; d++)
        for (r = 0; r < 3 && (flips >> d & 1); r++) {
            a[4 * r + 3] += mv__cu_sp_times(a[4 * r + d], (double)((d < src->ndim ? src->dim[d] : 1) - 1));
            a[4 * r + d] = 0.0 - a[4 * r + d];
        }
    for (r = 0; r < 3; r++) out->affine[4 * r + 3] = a[4 * r + 3];
    for (d = 0; d < 7; d++) {
        const int from = d < nd ? order[d] : d;
        if (d < 3)
            for (r = 0; r < 3; r++) out->affine[4 * r + d] = from < 3 ? a[4 * r + from] : 0.0;
        else out->step[d - 3] = from < 3 ? spacing[from] : step[from - 3];
    }
}
MV__CU_FN mv_status mv__cu_sp_turned(mv_cuda_ctx *ctx, const char *op, mv_cuda_volume *dst,
                                     const mv_cuda_volume *src, int nd, const int *order, unsigned flips) {
    mv__cu_sp_box b;
    mv_cuda_volume out;
    size_t dim[7];
    int d, same = 1;
    mv_status st;
    if (!dst) return mv__cu_fail_null(ctx, op, "dst");
    for (d = 0; d < nd; d++) {
        dim[d] = order[d] < src->ndim ? src->dim[order[d]] : 1;
        same = same && order[d] == d;
    }
    st = mv__cu_out_begin(ctx, op, &out, dst, src, src->dtype, nd, dim, same ? MV__CU_INPLACE : 0);
    if (st < 0) return st;
    memset(&b, 0, sizeof b);
    b.size = mv_dtype_size(src->dtype);
    b.nd = nd;
    b.d = (unsigned char *)out.data;
    b.s = (const unsigned char *)src->data;
    for (d = 0; d < nd; d++) {
        const int from = order[d];
        b.n[d] = dim[d];
        b.ds[d] = dim[d] > 1 ? out.stride[d] * (ptrdiff_t)b.size : 0;
        b.ss[d] = dim[d] > 1 ? src->stride[from] * (ptrdiff_t)b.size : 0;
        if (flips >> from & 1) {
            b.s += b.ss[d] * (ptrdiff_t)(dim[d] - 1);
            b.ss[d] = -b.ss[d];
        }
    }
    st = out.data == src->data ? mv__cu_sp_inplace(ctx, op, &b) : mv__cu_sp_run(ctx, op, &b);
    mv__cu_sp_turn_geometry(&out, src, nd, order, flips);
    return mv__cu_out_end(ctx, st, &out, dst);
}
MV__CU_FN mv_status mv__cu_sp_flip(mv_cuda_ctx *ctx, mv_cuda_volume *dst, const mv_cuda_volume *src,
                                   unsigned axes) {
    static const int order[7] = {0, 1, 2, 3, 4, 5, 6};
    mv_status st = mv__cu_vol_check(ctx, "flip", "src", src);
    if (st < 0) return st;
    if (axes >> src->ndim)
        return mv__cu_fail(ctx, MEDVOL_E_RANGE, "axes", (double)axes,
                           "flip: axes = 0x%x: only bits 0..%d name an axis", axes, src->ndim - 1);
    return mv__cu_sp_turned(ctx, "flip", dst, src, src->ndim, order, axes);
}
MEDVOL_DEF mv_status mv_cuda_flip(mv_cuda_ctx *ctx, mv_cuda_volume *dst, const mv_cuda_volume *src,
                                  unsigned axes) {
    mv_status st = mv__cu_begin(ctx, "flip");
    return st < 0 ? st : mv__cu_end(ctx, mv__cu_sp_flip(ctx, dst, src, axes));
}
MV__CU_FN mv_status mv__cu_sp_order_check(mv_cuda_ctx *ctx, const char *op, int nd, const int *order) {
    unsigned seen = 0;
    int d;
    for (d = 0; d < nd; d++) {
        if (!(order[d] >= 0 && order[d] < nd) || seen >> order[d] & 1)
            return mv__cu_fail(ctx, MEDVOL_E_RANGE, "order", order[d],
                               "%s: order[%d] = %d: must name each of the axes 0..%d once", op, d, order[d],
                               nd - 1);
        seen |= 1u << order[d];
    }
    return MEDVOL_OK;
}
MV__CU_FN mv_status mv__cu_sp_permute(mv_cuda_ctx *ctx, mv_cuda_volume *dst, const mv_cuda_volume *src,
                                      const int *order) {
    mv_status st = mv__cu_vol_check(ctx, "permute", "src", src);
    if (st < 0) return st;
    if (!order) return mv__cu_fail_null(ctx, "permute", "order");
    if ((st = mv__cu_sp_order_check(ctx, "permute", src->ndim, order)) < 0) return st;
    return mv__cu_sp_turned(ctx, "permute", dst, src, src->ndim, order, 0);
}
MEDVOL_DEF mv_status mv_cuda_permute(mv_cuda_ctx *ctx, mv_cuda_volume *dst, const mv_cuda_volume *src,
                                     const int *order) {
    mv_status st = mv__cu_begin(ctx, "permute");
    return st < 0 ? st : mv__cu_end(ctx, mv__cu_sp_permute(ctx, dst, src, order));
}
MV__CU_FN mv_status mv__cu_sp_rot90(mv_cuda_ctx *ctx, mv_cuda_volume *dst, const mv_cuda_volume *src, int k,
                                    int a, int b) {
    int order[7] = {0, 1, 2, 3, 4, 5, 6};
    const int turns = (k % 4 + 4) % 4;
    unsigned flips = 0;
    mv_status st = mv__cu_vol_check(ctx, "rot90", "src", src);
    if (st < 0) return st;
    if (!(a >= 0 && a < src->ndim) || !(b >= 0 && b < src->ndim) || a == b)
        return mv__cu_fail(ctx, MEDVOL_E_RANGE, "a", a, "rot90: axes %d and %d: must be two of 0..%d", a, b,
                           src->ndim - 1);
    if (turns & 1) order[a] = b, order[b] = a;
    if (turns == 1 || turns == 2) flips |= 1u << b;
    if (turns == 3 || turns == 2) flips |= 1u << a;
    return mv__cu_sp_turned(ctx, "rot90", dst, src, src->ndim, order, flips);
}
MEDVOL_DEF mv_status mv_cuda_rot90(mv_cuda_ctx *ctx, mv_cuda_volume *dst, const mv_cuda_volume *src, int k,
                                   int a, int b) {
    mv_status st = mv__cu_begin(ctx, "rot90");
    return st < 0 ? st : mv__cu_end(ctx, mv__cu_sp_rot90(ctx, dst, src, k, a, b));
}
MV__CU_FN int mv__cu_sp_letter(char c, int *axis, int *sign) {
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
MV__CU_FN mv_status mv__cu_sp_reorient(mv_cuda_ctx *ctx, mv_cuda_volume *dst, const mv_cuda_volume *src,
                                       const char *code, int from) {
    int order[7] = {0, 1, 2, 3, 4, 5, 6}, axis[3], sign[3], want, turn, d, c, nd, seen = 0;
    unsigned flips = 0;
    mv_status st = mv__cu_vol_check(ctx, "reorient", "src", src);
    if (st < 0) return st;
    if (!code) return mv__cu_fail_null(ctx, "reorient", "code");
    mv_affine_orientation(src->affine, axis, sign);
    for (d = 0; d < 3; d++) {
        if (!mv__cu_sp_letter(code[d], &want, &turn) || seen >> want & 1 || (d == 2 && code[3]))
            return mv__cu_fail(ctx, MEDVOL_E_RANGE, "code", d,
                               "reorient: \"%s\": must be one letter of each pair LR, PA, IS", code);
        seen |= 1 << want;
        if (from) turn = -turn;
        for (c = 0; c < 3 && axis[c] != want; c++) {}
        if (c == 3)
            return mv__cu_fail(ctx, MEDVOL_E_SINGULAR, "affine", d, "reorient: no axis of src runs along %c",
                               code[d]);
        order[d] = c;
        if (sign[c] != turn) flips |= 1u << c;
    }
    for (nd = src->ndim, d = 0; d < 3; d++)
        if (order[d] != d && d >= nd) nd = d + 1; /* a flat volume stood upright gains axes */
    return mv__cu_sp_turned(ctx, "reorient", dst, src, nd, order, flips);
}
MEDVOL_DEF mv_status mv_cuda_reorient(mv_cuda_ctx *ctx, mv_cuda_volume *dst, const mv_cuda_volume *src,
                                      const char *code, const mv_reorient_opt *opt) {
    mv_status st = mv__cu_begin(ctx, "reorient");
    return st < 0 ? st : mv__cu_end(ctx, mv__cu_sp_reorient(ctx, dst, src, code, opt ? opt->from : 0));
}

/* ---- crop and pad: out = the box start, size of src with before and after around it ---- */
typedef struct mv__cu_sp_pad {
    int nd, mode, m; /* m: words an element */
    long long n[7], in[7], before[7], ds[7], ss[7]; /* steps in words */
    mv__cu_u64 fill[8];
} mv__cu_sp_pad;
/* Index i relative to the first of n voxels: the voxel that stands there, -1: the fill */
MV__CU_DEV long long mv__cu_sp_from(int mode, long long i, long long n) {
    long long p, m;
    if (i >= 0 && i < n) return i;
    if (mode == MEDVOL_PAD_CONSTANT) return -1;
    if (mode == MEDVOL_PAD_EDGE || (mode == MEDVOL_PAD_REFLECT && n == 1)) return i < 0 ? 0 : n - 1;
    p = mode == MEDVOL_PAD_WRAP ? n : mode == MEDVOL_PAD_SYMMETRIC ? 2 * n : 2 * n - 2;
    m = i == (int)i && p == (int)p ? (int)i % (int)p : i % p;
    if (m < 0) m += p;
    return m < n ? m : mode == MEDVOL_PAD_SYMMETRIC ? p - 1 - m : p - m;
}
/* The stretch of this warp: its row, first element, how many. 0: none; -1: all of it is fill. */
MV__CU_DEV int mv__cu_sp_pad_item(const mv__cu_sp_pad &g, long long *a, long long *b, long long *at,
                                  long long *n) {
    const long long seg = MV__CU_MAP_SEG, segs = (g.n[0] + seg - 1) / seg;
    const mv__cu_u64 i = (mv__cu_u64)blockIdx.x * (MV__CU_B / 32) + (threadIdx.x >> 5);
    mv__cu_u64 row = segs > 1 ? i / (mv__cu_u64)segs : i, q;
    int k, inside = 1;
    *at = segs > 1 ? (long long)(i % (mv__cu_u64)segs) * seg : 0;
    *n = g.n[0] - *at < seg ? g.n[0] - *at : seg;
    *a = *b = 0;
    MV__CU_UNROLL for (k = 1; k < 7; k++) {
        const mv__cu_u64 m = (mv__cu_u64)g.n[k];
        long long r, from;
        if (k >= g.nd) break;
        if (row >> 32 == 0 && m >> 32 == 0) q = (unsigned)row / (unsigned)m;
        else q = row / m;
        r = (long long)(row - q * m);
        from = mv__cu_sp_from(g.mode, r - g.before[k], g.in[k]);
        if (from < 0) inside = 0;
        *a += r * g.ds[k];
        *b += from * g.ss[k];
        row = q;
    }
    return row ? 0 : inside ? 1 : -1;
}
template <class T> MV__CU_KERNEL(MV__CU_B, 4) mv__cu_k_sp_pad(T *d, const T *s, mv__cu_sp_pad g) {
    enum { N = 16 / (int)sizeof(T) };
    const int lane = (int)threadIdx.x & 31;
    const T fill = (T)g.fill[0];
    long long a, b, at, n, i, head;
    int k;
    const int what = mv__cu_sp_pad_item(g, &a, &b, &at, &n);
    if (what == 0) return;
    d += a + at;
    s += what < 0 ? 0 : b;
    at -= g.before[0]; /* of the stretch, from the first voxel of src */
    head = (long long)((0 - (mv__cu_u64)(size_t)d) / sizeof(T) % N);
    head = head < n ? head : n;
    const int packed = (size_t)(s + at + head) % 16 == 0;
    const long long groups = (n - head) / N;
    for (i = lane; i < groups; i += 32) {
        const long long x = at + head + i * N;
        T *to = d + head + i * N;
        mv__cu_pack<T, N> v;
        const int beside = x + N <= 0 || x >= g.in[0];
        if (what > 0 && x >= 0 && x + N <= g.in[0]) mv__cu_ldn<T, N>(v, s + x, packed, 1);
        else if (what < 0 || (beside && g.mode <= MEDVOL_PAD_EDGE)) {
            const T one = what < 0 || g.mode == MEDVOL_PAD_CONSTANT ? fill : s[x < 0 ? 0 : g.in[0] - 1];
            MV__CU_UNROLL for (k = 0; k < N; k++) v.v[k] = one;
        } else {
            for (k = 0; k < N; k++) {
                const long long from = mv__cu_sp_from(g.mode, x + k, g.in[0]);
                to[k] = from < 0 ? fill : s[from];
            }
            continue;
        }
        mv__cu_stg((typename mv__cu_pack<T, N>::word *)(void *)to, v.w);
    }
    for (i = lane; i < n - groups * N; i += 32) {
        const long long j = i < head ? i : groups * N + i,
                        from = what < 0 ? -1 : mv__cu_sp_from(g.mode, at + j, g.in[0]);
        d[j] = from < 0 ? fill : s[from];
    }
}
/* Elements of m words, or without neighbours */
template <class T> MV__CU_KERNEL(MV__CU_B, 4) mv__cu_k_sp_pad_any(T *d, const T *s, mv__cu_sp_pad g) {
    long long a, b, at, n, i;
    int j;
    const int what = mv__cu_sp_pad_item(g, &a, &b, &at, &n);
    if (what == 0) return;
    for (i = at + ((int)threadIdx.x & 31); i < at + n; i += 32) {
        const long long from = what < 0 ? -1 : mv__cu_sp_from(g.mode, i - g.before[0], g.in[0]);
        for (j = 0; j < g.m; j++)
            d[a + i * g.ds[0] + j] =
                from >= 0 ? s[b + from * g.ss[0] + j]
                          : (T)(g.fill[(unsigned)j * sizeof(T) / 8] >> (unsigned)j * sizeof(T) % 8 * 8);
    }
}
typedef struct mv__cu_sp_frame { /* what is padded, in bytes */
    unsigned char *d;
    const unsigned char *s;
    size_t size, n[7], in[7], before[7];
    ptrdiff_t ds[7], ss[7];
    int nd, mode;
    mv__cu_u64 fill[8];
} mv__cu_sp_frame;
MV__CU_FN void mv__cu_sp_frame_drop(mv__cu_sp_frame *f, int k) {
    for (f->nd--; k < f->nd; k++) {
        f->n[k] = f->n[k + 1], f->in[k] = f->in[k + 1], f->before[k] = f->before[k + 1];
        f->ds[k] = f->ds[k + 1], f->ss[k] = f->ss[k + 1];
    }
}
template <class T>
MV__CU_FN mv_status mv__cu_sp_frame_words(mv_cuda_ctx *ctx, const char *op, const mv__cu_sp_frame *f) {
    mv__cu_sp_pad g;
    size_t rows = 1;
    unsigned grid = 0;
    int k;
    mv_status st;
    memset(&g, 0, sizeof g);
    g.nd = f->nd, g.mode = f->mode;
    g.m = (int)(f->size / sizeof(T));
    memcpy(g.fill, f->fill, sizeof g.fill);
    for (k = 0; k < f->nd; k++) {
        g.n[k] = (long long)f->n[k], g.in[k] = (long long)f->in[k], g.before[k] = (long long)f->before[k];
        g.ds[k] = f->ds[k] / (ptrdiff_t)sizeof(T), g.ss[k] = f->ss[k] / (ptrdiff_t)sizeof(T);
        if (k) rows *= f->n[k];
    }
    st = mv__cu_grid(ctx, op, mv__cu_divup(rows * mv__cu_divup(f->n[0], MV__CU_MAP_SEG), MV__CU_B / 32),
                     &grid);
    if (st < 0) return st;
    if (g.m == 1 && (g.ds[0] == 1 || g.n[0] == 1) && (g.ss[0] == 1 || g.in[0] == 1))
        MV__CU_LAUNCH(mv__cu_k_sp_pad<T>, grid, MV__CU_B, 0, ctx->stream, (T *)(void *)f->d,
                      (const T *)(const void *)f->s, g);
    else
        MV__CU_LAUNCH(mv__cu_k_sp_pad_any<T>, grid, MV__CU_B, 0, ctx->stream, (T *)(void *)f->d,
                      (const T *)(const void *)f->s, g);
    return mv__cu_launched(ctx, op);
}
MV__CU_FN mv_status mv__cu_sp_frame_run(mv_cuda_ctx *ctx, const char *op, mv__cu_sp_frame *f) {
    size_t bits = (size_t)(uintptr_t)f->d | (size_t)(uintptr_t)f->s | f->size;
    const ptrdiff_t z = (ptrdiff_t)f->size;
    int a;
    for (a = f->nd - 1; a > 0; a--)
        if (f->n[a] == 1) mv__cu_sp_frame_drop(f, a);
    while (f->nd > 1 && f->n[0] == 1 && f->ds[1] == z && f->ss[1] == z) mv__cu_sp_frame_drop(f, 0);
    while (f->nd > 1 && f->n[0] == f->in[0] && f->n[1] == f->in[1] && f->ds[0] == z && f->ss[0] == z &&
           f->ds[1] == z * (ptrdiff_t)f->n[0] && f->ss[1] == f->ds[1]) {
        const size_t k = f->n[0];
        mv__cu_sp_frame_drop(f, 0);
        f->n[0] *= k, f->in[0] *= k;
        f->ds[0] = f->ss[0] = z;
    }
    for (a = 0; a < f->nd; a++) bits |= (size_t)f->ds[a] | (size_t)f->ss[a];
    switch (mv__cu_sp_unit(bits)) {
        case 1: return mv__cu_sp_frame_words<unsigned char>(ctx, op, f);
        case 2: return mv__cu_sp_frame_words<unsigned short>(ctx, op, f);
        case 4: return mv__cu_sp_frame_words<unsigned>(ctx, op, f);
        default: return mv__cu_sp_frame_words<mv__cu_u64>(ctx, op, f);
    }
}

/* ---- mean, minimum and maximum of lines, in double, in the order of medvol.h ---- */
typedef struct mv__cu_sp_stat {
    int how, type, whole; /* how: 0 the mean, 1 the least, 2 the greatest; whole: of 64-bit integers */
    mv__cu_u64 sign;      /* makes their order that of unsigned ones */
    long long before, m, n, step, len; /* along the axis; len: elements of rows across it */
    mv__cu_walk lines;
} mv__cu_sp_stat;
typedef struct mv__cu_sp_best {
    double real;
    mv__cu_u64 whole;
} mv__cu_sp_best;
MV__CU_DEV void mv__cu_sp_take_real(mv__cu_sp_best *b, double x, int how) {
    if (how == 0) b->real = mv__cu_add(b->real, x);
    else if ((how == 1 ? x < b->real : x > b->real) || x != x) b->real = x;
}
MV__CU_DEV void mv__cu_sp_take_whole(mv__cu_sp_best *b, mv__cu_u64 v, int how) {
    if (how == 1 ? v < b->whole : v > b->whole) b->whole = v;
}
MV__CU_DEV void mv__cu_sp_best_start(mv__cu_sp_best *b, int how) {
    b->real = how == 0 ? 0.0 : mv__cu_double(how == 1 ? 0x7ff0000000000000ULL : 0xfff0000000000000ULL);
    b->whole = how == 1 ? ~0ULL : 0;
}
MV__CU_DEV void mv__cu_sp_best_take(mv__cu_sp_best *b, const mv__cu_sp_stat &g, const void *p, long long i) {
    if (g.whole) mv__cu_sp_take_whole(b, ((const mv__cu_u64 *)p)[i] ^ g.sign, g.how);
    else mv__cu_sp_take_real(b, mv__cu_load(p, i, g.type), g.how);
}
MV__CU_DEV void mv__cu_sp_best_put(const mv__cu_sp_best &b, const mv__cu_sp_stat &g, void *p, long long i) {
    if (g.whole) ((mv__cu_u64 *)p)[i] = b.whole ^ g.sign;
    else if (b.real == b.real) mv__cu_store(p, i, g.type, b.real);
    else switch (g.type) { /* one NaN, whatever went in */
        case MEDVOL_F16: ((unsigned short *)p)[i] = 0x7e00; break;
        case MEDVOL_BF16: ((unsigned short *)p)[i] = 0x7fc0; break;
        case MEDVOL_F32: ((unsigned *)p)[i] = 0x7fc00000u; break;
        case MEDVOL_F64: ((mv__cu_u64 *)p)[i] = 0x7ff8000000000000ULL; break;
        default: mv__cu_store(p, i, g.type, b.real);
    }
}
/* Along x: a warp to a line, 16 lanes add up */
MV__CU_KERNEL(MV__CU_B, 4) mv__cu_k_sp_stat_line(void *p, mv__cu_sp_stat g) {
    const int lane = (int)threadIdx.x & 31;
    const mv__cu_u64 line = (mv__cu_u64)blockIdx.x * (MV__CU_B / 32) + (threadIdx.x >> 5);
    mv__cu_sp_best b;
    long long at, other, i;
    int k;
    if (line >= (mv__cu_u64)g.lines.rows) return; /* whole warps */
    mv__cu_walk_row(g.lines, line, &at, &other);
    mv__cu_sp_best_start(&b, g.how);
    for (i = lane; i < g.m && lane < 16; i += 16) mv__cu_sp_best_take(&b, g, p, at + g.before + i);
    if (g.how == 0) {
        for (k = 8; k > 0; k >>= 1) b.real = mv__cu_add(b.real, mv__cu_shfl_down(b.real, (unsigned)k));
        b.real /= (double)g.m;
    } else for (k = 1; k < 16; k++) {
        mv__cu_sp_best o;
        o.real = mv__cu_shfl(b.real, k);
        o.whole = mv__cu_shfl(b.whole, k);
        if (lane == 0) mv__cu_sp_take_real(&b, o.real, g.how), mv__cu_sp_take_whole(&b, o.whole, g.how);
    }
    b.real = mv__cu_shfl(b.real, 0);
    b.whole = mv__cu_shfl(b.whole, 0);
    for (i = lane; i < g.before; i += 32) mv__cu_sp_best_put(b, g, p, at + i);
    for (i = g.before + g.m + lane; i < g.n; i += 32) mv__cu_sp_best_put(b, g, p, at + i);
}
/* Along another axis: a thread to a line */
MV__CU_KERNEL(MV__CU_B, 4) mv__cu_k_sp_stat_axis(void *p, mv__cu_sp_stat g) {
    const unsigned across = (unsigned)((g.len + MV__CU_B - 1) / MV__CU_B);
    const long long x = (long long)(blockIdx.x % across) * MV__CU_B + (int)threadIdx.x;
    mv__cu_sp_best b;
    long long at, other, j;
    mv__cu_walk_row(g.lines, blockIdx.x / across, &at, &other);
    if (x >= g.len) return;
    at += x;
    mv__cu_sp_best_start(&b, g.how);
    for (j = g.before; j < g.before + g.m; j++) mv__cu_sp_best_take(&b, g, p, at + j * g.step);
    if (g.how == 0) b.real /= (double)g.m;
    for (j = 0; j < g.before; j++) mv__cu_sp_best_put(b, g, p, at + j * g.step);
    for (j = g.before + g.m; j < g.n; j++) mv__cu_sp_best_put(b, g, p, at + j * g.step);
}
/* The inner box of out is filled: the lines around it, axis after axis. */
MV__CU_FN mv_status mv__cu_sp_stat_run(mv_cuda_ctx *ctx, const char *op, const mv_cuda_volume *out,
                                       const size_t *before, const size_t *m, mv_pad_mode mode) {
    const int upside = out->slope < 0.0 && mv__cu_scaled(out->slope, out->inter);
    const size_t size = mv_dtype_size(out->dtype);
    mv__cu_sp_stat g;
    mv_status st = MEDVOL_OK;
    unsigned grid = 0;
    int axis, k;
    memset(&g, 0, sizeof g);
    g.how = mode == MEDVOL_PAD_MEAN ? 0 : (mode == MEDVOL_PAD_MAXIMUM) != upside ? 2 : 1;
    g.type = (int)out->dtype;
    g.whole = g.how && (out->dtype == MEDVOL_I64 || out->dtype == MEDVOL_U64);
    g.sign = out->dtype == MEDVOL_I64 ? (mv__cu_u64)1 << 63 : 0;
    g.len = (long long)out->dim[0];
    for (axis = 0; axis < out->ndim && st == MEDVOL_OK; axis++) {
        long long first = 0;
        if (out->dim[axis] == m[axis]) continue;
        g.before = (long long)before[axis], g.m = (long long)m[axis], g.n = (long long)out->dim[axis];
        g.step = out->stride[axis];
        memset(&g.lines, 0, sizeof g.lines);
        g.lines.rows = 1;
        for (k = 1; k < out->ndim; k++) { /* all of the axes before, the box of those to come */
            if (k == axis) continue;
            if (k > axis) first += (long long)before[k] * out->stride[k];
            g.lines.dim[g.lines.axes] = (long long)(k < axis ? out->dim[k] : m[k]);
            g.lines.ds[g.lines.axes] = out->stride[k];
            g.lines.rows *= g.lines.dim[g.lines.axes++];
        }
        st = mv__cu_grid(ctx, op, axis ? (size_t)g.lines.rows * mv__cu_divup((size_t)g.len, MV__CU_B)
                                       : mv__cu_divup((size_t)g.lines.rows, MV__CU_B / 32), &grid);
        if (st < 0) return st;
        if (axis)
            MV__CU_LAUNCH(mv__cu_k_sp_stat_axis, grid, MV__CU_B, 0, ctx->stream,
                          (void *)((unsigned char *)out->data + first * (long long)size), g);
        else
            MV__CU_LAUNCH(mv__cu_k_sp_stat_line, grid, MV__CU_B, 0, ctx->stream,
                          (void *)((unsigned char *)out->data + first * (long long)size), g);
        st = mv__cu_launched(ctx, op);
    }
    return st;
}

/* ---- the value around, as an element; checks; placement ---- */
MV__CU_FN mv_status mv__cu_sp_element(mv_cuda_ctx *ctx, const char *op, mv__cu_u64 *e, const mv_volume *src,
                                      double value) {
    double x = value, slope, inter;
    memset(e, 0, 8 * sizeof *e);
    mv__cu_vol_scaling(src, &slope, &inter);
    if (mv__cu_is_real(src->dtype)) {
        x = (value - inter) / slope;
        (void)mv_convert_array(NULL, e, src->dtype, &x, MEDVOL_F64, 1, 1.0, 0.0);
    } else if (mv__cu_is_complex(src->dtype))
        (void)mv_convert_array(NULL, e, src->dtype == MEDVOL_C64 ? MEDVOL_F32 : MEDVOL_F64, &x, MEDVOL_F64,
                               1, 1.0, 0.0);
    else if (src->dtype == MEDVOL_RGB24 || src->dtype == MEDVOL_RGBA32) {
        (void)mv_convert_array(NULL, e, MEDVOL_U8, &x, MEDVOL_F64, 1, 1.0, 0.0);
        memset(e, (int)(*e & 255), mv_dtype_size(src->dtype));
    } else if (value != 0.0)
        return mv__cu_fail(ctx, MEDVOL_E_DTYPE, "value", value, "%s: value = %g: type %s takes 0 only", op,
                           value, mv_dtype_name(src->dtype));
    return MEDVOL_OK;
}
MV__CU_FN mv_status mv__cu_sp_mode_check(mv_cuda_ctx *ctx, const char *op, const mv_volume *src,
                                         mv_pad_mode mode, double value) {
    if (!((int)mode >= 0 && mode <= MEDVOL_PAD_MAXIMUM))
        return mv__cu_fail(ctx, MEDVOL_E_RANGE, "mode", (double)mode, "%s: mode = %d: must be 0..%d", op,
                           (int)mode, (int)MEDVOL_PAD_MAXIMUM);
    if (value != value) return mv__cu_fail(ctx, MEDVOL_E_RANGE, "value", value, "%s: value is NaN", op);
    if (mode >= MEDVOL_PAD_MEAN && !mv__cu_is_real(src->dtype))
        return mv__cu_fail(ctx, MEDVOL_E_DTYPE, "mode", (double)mode, "%s: type %s has no mean or order", op,
                           mv_dtype_name(src->dtype));
    return MEDVOL_OK;
}
MV__CU_FN void mv__cu_sp_move_origin(mv_volume *v, const double *ijk) { /* voxel ijk becomes voxel 0 */
    double x;
    int r;
    for (r = 0; r < 3; r++) {
        x = mv__cu_sp_times(v->affine[4 * r], ijk[0]);
        x += mv__cu_sp_times(v->affine[4 * r + 1], ijk[1]);
        x += mv__cu_sp_times(v->affine[4 * r + 2], ijk[2]);
        v->affine[4 * r + 3] += x;
    }
}
MV__CU_FN mv_status mv__cu_sp_copy_box(mv_cuda_ctx *ctx, const char *op, const mv__cu_sp_frame *f) {
    mv__cu_sp_box b;
    int d;
    memset(&b, 0, sizeof b);
    b.size = f->size;
    b.nd = f->nd;
    b.d = f->d;
    b.s = f->s;
    for (d = 0; d < b.nd; d++) {
        b.d += (ptrdiff_t)f->before[d] * f->ds[d];
        b.n[d] = f->in[d];
        b.ds[d] = f->in[d] > 1 ? f->ds[d] : 0;
        b.ss[d] = f->ss[d];
    }
    return mv__cu_sp_run(ctx, op, &b);
}
/* Arguments are checked; arrays of src->ndim. */
MV__CU_FN mv_status mv__cu_sp_place(mv_cuda_ctx *ctx, const char *op, mv_cuda_volume *dst,
                                    const mv_cuda_volume *src, const size_t *start, const size_t *size,
                                    const size_t *before, const size_t *after, mv_pad_mode mode,
                                    double value) {
    mv__cu_sp_frame f;
    mv_cuda_volume out;
    double ijk[3] = {0, 0, 0};
    size_t dim[7];
    const size_t z = mv_dtype_size(src->dtype);
    int d, pads = 0, same = 1;
    mv_status st;
    memset(&f, 0, sizeof f);
    f.s = (const unsigned char *)src->data;
    if (!dst) return mv__cu_fail_null(ctx, op, "dst");
    for (d = 0; d < src->ndim; d++) {
        if (!mv__cu_adds(before[d], size[d], &dim[d]) || !mv__cu_adds(dim[d], after[d], &dim[d]) ||
            dim[d] > (size_t)PTRDIFF_MAX)
            return mv__cu_fail(ctx, MEDVOL_E_SIZE, "before", (double)before[d],
                               "%s: axis %d: %zu + %zu + %zu overflows", op, d, before[d], size[d], after[d]);
        pads = pads || before[d] || after[d];
        same = same && dim[d] == src->dim[d];
        if (d < 3) ijk[d] = (double)start[d] - (double)before[d];
        if (size[d] < src->dim[d]) f.s += (ptrdiff_t)start[d] * src->stride[d] * (ptrdiff_t)z;
    }
    if (mode == MEDVOL_PAD_CONSTANT && (st = mv__cu_sp_element(ctx, op, f.fill, src, value)) < 0) return st;
    st = mv__cu_out_begin(ctx, op, &out, dst, src, src->dtype, src->ndim, dim, same ? MV__CU_INPLACE : 0);
    if (st < 0) return st;
    f.d = (unsigned char *)out.data;
    f.size = z;
    f.nd = src->ndim;
    f.mode = (int)mode;
    for (d = 0; d < f.nd; d++) {
        f.n[d] = dim[d], f.in[d] = size[d], f.before[d] = before[d];
        f.ds[d] = dim[d] > 1 ? out.stride[d] * (ptrdiff_t)z : 0;
        f.ss[d] = size[d] > 1 ? src->stride[d] * (ptrdiff_t)z : 0;
    }
    if (out.data != src->data) {
        if (pads && mode < MEDVOL_PAD_MEAN) st = mv__cu_sp_frame_run(ctx, op, &f);
        else st = mv__cu_sp_copy_box(ctx, op, &f);
        if (st == MEDVOL_OK && pads && mode >= MEDVOL_PAD_MEAN)
            st = mv__cu_sp_stat_run(ctx, op, &out, before, size, mode);
    }
    mv__cu_sp_move_origin(&out, ijk);
    return mv__cu_out_end(ctx, st, &out, dst);
}
static const size_t mv__cu_sp_zero[7] = {0, 0, 0, 0, 0, 0, 0};
MV__CU_FN mv_status mv__cu_sp_crop(mv_cuda_ctx *ctx, mv_cuda_volume *dst, const mv_cuda_volume *src,
                                   const size_t *start, const size_t *size, int clip) {
    size_t n[7];
    int d;
    mv_status st = mv__cu_vol_check(ctx, "crop", "src", src);
    if (st < 0) return st;
    if (!start || !size) return mv__cu_fail_null(ctx, "crop", start ? "size" : "start");
    for (d = 0; d < src->ndim; d++) {
        n[d] = size[d];
        if (clip && size[d] > 0 && start[d] < src->dim[d] && n[d] > src->dim[d] - start[d])
            n[d] = src->dim[d] - start[d];
        if (clip && size[d] > 0 && start[d] >= src->dim[d])
            return mv__cu_fail(ctx, MEDVOL_E_EMPTY, "start", (double)start[d],
                               "crop: axis %d: start %zu lies behind the last of %zu", d, start[d],
                               src->dim[d]);
        if (n[d] == 0 || start[d] >= src->dim[d] || n[d] > src->dim[d] - start[d])
            return mv__cu_fail(ctx, MEDVOL_E_RANGE, "start", (double)start[d],
                               "crop: axis %d: start %zu, size %zu: must lie in 0..%zu", d, start[d], size[d],
                               src->dim[d]);
    }
    return mv__cu_sp_place(ctx, "crop", dst, src, start, n, mv__cu_sp_zero, mv__cu_sp_zero,
                           MEDVOL_PAD_CONSTANT, 0.0);
}
MEDVOL_DEF mv_status mv_cuda_crop(mv_cuda_ctx *ctx, mv_cuda_volume *dst, const mv_cuda_volume *src,
                                  const size_t *start, const size_t *size, const mv_crop_opt *opt) {
    mv_status st = mv__cu_begin(ctx, "crop");
    return st < 0 ? st : mv__cu_end(ctx, mv__cu_sp_crop(ctx, dst, src, start, size, opt ? opt->clip : 0));
}
MV__CU_FN mv_status mv__cu_sp_padded(mv_cuda_ctx *ctx, mv_cuda_volume *dst, const mv_cuda_volume *src,
                                     const size_t *before, const size_t *after, const mv_pad_opt *opt) {
    const mv_pad_mode mode = opt ? opt->mode : MEDVOL_PAD_CONSTANT;
    const double value = opt ? opt->value : 0.0;
    mv_status st = mv__cu_vol_check(ctx, "pad", "src", src);
    if (st < 0) return st;
    if (!before || !after) return mv__cu_fail_null(ctx, "pad", before ? "after" : "before");
    if ((st = mv__cu_sp_mode_check(ctx, "pad", src, mode, value)) < 0) return st;
    return mv__cu_sp_place(ctx, "pad", dst, src, mv__cu_sp_zero, src->dim, before, after, mode, value);
}
MEDVOL_DEF mv_status mv_cuda_pad(mv_cuda_ctx *ctx, mv_cuda_volume *dst, const mv_cuda_volume *src,
                                 const size_t *before, const size_t *after, const mv_pad_opt *opt) {
    mv_status st = mv__cu_begin(ctx, "pad");
    return st < 0 ? st : mv__cu_end(ctx, mv__cu_sp_padded(ctx, dst, src, before, after, opt));
}
MV__CU_FN mv_status mv__cu_sp_crop_or_pad(mv_cuda_ctx *ctx, mv_cuda_volume *dst, const mv_cuda_volume *src,
                                          const size_t *shape, const mv_crop_or_pad_opt *opt) {
    static const char op[] = "crop_or_pad";
    size_t start[7], size[7], before[7], after[7];
    const mv_centre_rule rule = opt ? opt->rule : MEDVOL_CENTRE_MEDVOL;
    const mv_pad_mode mode = opt ? opt->mode : MEDVOL_PAD_CONSTANT;
    const double value = opt ? opt->value : 0.0;
    int d;
    mv_status st = mv__cu_vol_check(ctx, op, "src", src);
    if (st < 0) return st;
    if (!shape) return mv__cu_fail_null(ctx, op, "shape");
    if ((st = mv__cu_sp_mode_check(ctx, op, src, mode, value)) < 0) return st;
    if (!((int)rule >= 0 && rule <= MEDVOL_CENTRE_MEDRS))
        return mv__cu_fail(ctx, MEDVOL_E_RANGE, "rule", (double)rule, "%s: rule = %d: must be 0..%d", op,
                           (int)rule, (int)MEDVOL_CENTRE_MEDRS);
    for (d = 0; d < src->ndim; d++) {
        const size_t n = src->dim[d], t = shape[d];
        if (t == 0)
            return mv__cu_fail(ctx, MEDVOL_E_SIZE, "shape", 0, "%s: shape[%d] = 0: must be at least 1", op,
                               d);
        start[d] = before[d] = after[d] = 0;
        size[d] = n < t ? n : t;
        if (t < n)
            start[d] = rule == MEDVOL_CENTRE_TORCHIO ? mv__cu_divup(n - t, 2)
                       : rule == MEDVOL_CENTRE_MEDRS ? (n - t) / 2
                                                     : n / 2 - t / 2;
        else {
            before[d] = rule == MEDVOL_CENTRE_TORCHIO  ? mv__cu_divup(t - n, 2)
                        : rule == MEDVOL_CENTRE_MEDVOL ? t / 2 - n / 2
                                                       : (t - n) / 2;
            after[d] = t - n - before[d];
        }
    }
    return mv__cu_sp_place(ctx, op, dst, src, start, size, before, after, mode, value);
}
MEDVOL_DEF mv_status mv_cuda_crop_or_pad(mv_cuda_ctx *ctx, mv_cuda_volume *dst, const mv_cuda_volume *src,
                                         const size_t *shape, const mv_crop_or_pad_opt *opt) {
    mv_status st = mv__cu_begin(ctx, "crop_or_pad");
    return st < 0 ? st : mv__cu_end(ctx, mv__cu_sp_crop_or_pad(ctx, dst, src, shape, opt));
}

/* ---- foreground: a block's warps take rows, the least and greatest of each axis are folded twice ---- */
typedef struct mv__cu_sp_fg {
    int type, channels, skip, above, scaled, fast; /* skip: channels at the end that do not count */
    float lo, hi;                                  /* fast: below lo or above hi */
    double slope, inter, threshold;
    mv__cu_walk walk; /* ss: y + z * 2^32 */
} mv__cu_sp_fg;
#define MV__CU_SP_NONE 0x7fffffffffffffffLL
typedef struct mv__cu_sp_ends { long long lo[3], hi[3]; } mv__cu_sp_ends; /* hi: one behind */
typedef mv__cu_sp_ends mv__cu_sp_ends_all[MV__CU_B / 32];
MV__CU_DEV void mv__cu_sp_ends_none(mv__cu_sp_ends *e) {
    int k;
    MV__CU_UNROLL for (k = 0; k < 3; k++) e->lo[k] = MV__CU_SP_NONE, e->hi[k] = 0;
}
MV__CU_DEV void mv__cu_sp_ends_join(mv__cu_sp_ends *e, const mv__cu_sp_ends &o) {
    int k;
    MV__CU_UNROLL for (k = 0; k < 3; k++) {
        if (o.lo[k] < e->lo[k]) e->lo[k] = o.lo[k];
        if (o.hi[k] > e->hi[k]) e->hi[k] = o.hi[k];
    }
}
/* Of the whole block, in thread 0 */
MV__CU_DEV void mv__cu_sp_ends_fold(mv__cu_sp_ends *e, mv__cu_sp_ends *sh) {
    const int lane = (int)threadIdx.x & 31, warp = (int)threadIdx.x >> 5;
    mv__cu_sp_ends o;
    int d, k;
    for (d = 16; d > 0; d >>= 1) {
        MV__CU_UNROLL for (k = 0; k < 3; k++) {
            o.lo[k] = mv__cu_shfl_xor(e->lo[k], d);
            o.hi[k] = mv__cu_shfl_xor(e->hi[k], d);
        }
        mv__cu_sp_ends_join(e, o);
    }
    if (lane == 0) sh[warp] = *e;
    mv__cu_sync();
    if (threadIdx.x == 0)
        for (k = 1; k < MV__CU_B / 32; k++) mv__cu_sp_ends_join(e, sh[k]);
}
/* Of a block whose warps have a row each: lo..hi-1 of lane's share of it, at y + z * 2^32 */
MV__CU_DEV void mv__cu_sp_ends_row(mv__cu_sp_ends *part, mv__cu_sp_ends *sh, long long lo, long long hi,
                                   long long yz) {
    const int warp = (int)threadIdx.x >> 5;
    mv__cu_sp_ends e;
    int d, k;
    mv__cu_sp_ends_none(&e);
    if (mv__cu_any(hi != 0)) {
        for (d = 16; d > 0; d >>= 1) {
            const long long a = mv__cu_shfl_xor(lo, d), b = mv__cu_shfl_xor(hi, d);
            lo = a < lo ? a : lo;
            hi = b > hi ? b : hi;
        }
        e.lo[0] = lo, e.hi[0] = hi;
        e.lo[1] = yz & 0xffffffffLL, e.hi[1] = e.lo[1] + 1;
        e.lo[2] = yz >> 32, e.hi[2] = e.lo[2] + 1;
    }
    if ((threadIdx.x & 31) == 0) sh[warp] = e;
    mv__cu_sync();
    if (threadIdx.x) return;
    for (k = 1; k < MV__CU_B / 32; k++) mv__cu_sp_ends_join(&e, sh[k]);
    part[blockIdx.x] = e;
}
MV__CU_DEV int mv__cu_sp_fg_is(const mv__cu_sp_fg &g, const void *s, long long i) { /* i: of a channel */
    double x = mv__cu_load(s, i, g.type);
    if (g.scaled) x = mv__cu_add(mv__cu_mul(x, g.slope), g.inter);
    if (g.skip && (int)(i % g.channels) >= g.channels - g.skip) return 0;
    return g.above ? x > g.threshold : x < 0.0 || x > 0.0;
}
template <class T> MV__CU_KERNEL(MV__CU_B, 3) mv__cu_k_sp_fg(mv__cu_sp_ends *part, const T *s,
                                                             mv__cu_sp_fg g) {
    enum { N = 16 / (int)sizeof(T) };
    MV__CU_SHARED(mv__cu_sp_ends_all, sh);
    const int lane = (int)threadIdx.x & 31;
    long long a = 0, yz = 0, at = 0, n = 0, i, lo = MV__CU_SP_NONE, hi = 0;
    int k;
    if (mv__cu_walk_item(g.walk, &a, &yz, &at, &n)) {
        const T *p = s + a + at;
        long long head = (long long)((0 - (mv__cu_u64)(size_t)p) / sizeof(T) % N);
        head = head < n ? head : n;
        const long long groups = (n - head) / N;
        for (i = lane; i < groups; i += 32) {
            const long long x = at + head + i * N;
            mv__cu_pack<T, N> v;
            unsigned bits = 0;
            mv__cu_ldn<T, N>(v, p + head + i * N, 1, 1);
            MV__CU_UNROLL for (k = 0; k < N; k++) {
                const float f = mv__cu_get(v.v[k]);
                bits |= f < g.lo || f > g.hi ? 1u << k : 0u;
            }
            if (!bits) continue;
            MV__CU_UNROLL for (k = 0; k < N; k++)
                if (bits >> k & 1) {
                    lo = x + k < lo ? x + k : lo;
                    hi = x + k + 1 > hi ? x + k + 1 : hi;
                }
        }
        for (i = lane; i < n - groups * N; i += 32) {
            const long long j = i < head ? i : groups * N + i, x = at + j;
            const float f = mv__cu_get(p[j]);
            if (!(f < g.lo || f > g.hi)) continue;
            lo = x < lo ? x : lo;
            hi = x + 1 > hi ? x + 1 : hi;
        }
    }
    mv__cu_sp_ends_row(part, sh, lo, hi, yz);
}
MV__CU_KERNEL(MV__CU_B, 3) mv__cu_k_sp_fg_any(mv__cu_sp_ends *part, const void *s, mv__cu_sp_fg g) {
    MV__CU_SHARED(mv__cu_sp_ends_all, sh);
    long long a = 0, yz = 0, at = 0, n = 0, i, lo = MV__CU_SP_NONE, hi = 0;
    int k;
    if (mv__cu_walk_item(g.walk, &a, &yz, &at, &n))
        for (i = at + ((int)threadIdx.x & 31); i < at + n; i += 32) {
            int is = 0;
            for (k = 0; k < g.channels && !is; k++) is = mv__cu_sp_fg_is(g, s, (a + i) * g.channels + k);
            if (!is) continue;
            lo = i < lo ? i : lo;
            hi = i + 1;
        }
    mv__cu_sp_ends_row(part, sh, lo, hi, yz);
}
MV__CU_KERNEL(MV__CU_B, 3) mv__cu_k_sp_fg_fold(mv__cu_sp_ends *out, const mv__cu_sp_ends *part, long long n) {
    MV__CU_SHARED(mv__cu_sp_ends_all, sh);
    mv__cu_sp_ends e;
    long long i;
    mv__cu_sp_ends_none(&e);
    for (i = (int)threadIdx.x; i < n; i += MV__CU_B) mv__cu_sp_ends_join(&e, part[i]);
    mv__cu_sp_ends_fold(&e, sh);
    if (threadIdx.x == 0) *out = e;
}
/* The kernel for unscaled values that float holds: `threshold` as the float below it */
MV__CU_FN void mv__cu_sp_fg_fast(mv__cu_sp_fg *g) {
    const double most = 3.4028234663852886e38, t = g->threshold;
    if (g->scaled || g->channels > 1 ||
        !(g->type == MEDVOL_U8 || g->type == MEDVOL_I16 || g->type == MEDVOL_U16 || g->type == MEDVOL_F32))
        return;
    g->fast = 1;
    if (!g->above) return;
    g->lo = -(float)HUGE_VAL;
    g->hi = t >= most ? (mv__cu_finite(t) ? (float)most : (float)HUGE_VAL) : t < -most ? -(float)HUGE_VAL
        : (float)t;
    if ((double)g->hi > t) {
        unsigned b;
        memcpy(&b, &g->hi, sizeof b);
        b = g->hi > 0.0f ? b - 1 : g->hi < 0.0f ? b + 1 : 0x80000001u;
        memcpy(&g->hi, &b, sizeof b);
    }
}
MV__CU_FN mv_status mv__cu_sp_fg_make(mv_cuda_ctx *ctx, const char *op, mv__cu_sp_fg *g,
                                      const mv_cuda_volume *v, const mv_foreground_opt *opt) {
    int k;
    memset(g, 0, sizeof *g);
    g->above = opt ? opt->above : 0;
    g->threshold = opt ? opt->threshold : 0.0;
    if (g->threshold != g->threshold)
        return mv__cu_fail(ctx, MEDVOL_E_RANGE, "threshold", g->threshold, "%s: threshold is NaN", op);
    if (v->dtype == MEDVOL_F128 || v->dtype == MEDVOL_C256 || (g->above && !mv__cu_is_real(v->dtype)))
        return mv__cu_fail(ctx, MEDVOL_E_DTYPE, "dtype", (double)v->dtype, "%s: type %s cannot be compared",
                           op, mv_dtype_name(v->dtype));
    if (v->dim[1] > 0xffffffffu || v->dim[2] > 0x7fffffffu)
        return mv__cu_fail(ctx, MEDVOL_E_UNSUPPORTED, "dim", (double)v->dim[1],
                           "%s: more than 2^31 rows along an axis", op);
    g->channels = mv__cu_is_complex(v->dtype) ? 2 : v->dtype == MEDVOL_RGB24 ? 3
        : v->dtype == MEDVOL_RGBA32 ? 4 : 1;
    g->skip = v->dtype == MEDVOL_RGBA32;
    g->type = (int)(g->channels > 2               ? MEDVOL_U8
                    : v->dtype == MEDVOL_C64  ? MEDVOL_F32
                    : v->dtype == MEDVOL_C128 ? MEDVOL_F64
                                              : v->dtype);
    mv__cu_vol_scaling(v, &g->slope, &g->inter);
    g->scaled = mv__cu_scaled(g->slope, g->inter);
    mv__cu_sp_fg_fast(g);
    g->walk.len = (long long)v->dim[0];
    g->walk.dx = g->walk.sx = 1;
    g->walk.rows = 1;
    for (k = 1; k < v->ndim; k++) {
        g->walk.dim[k - 1] = (long long)v->dim[k];
        g->walk.ds[k - 1] = v->stride[k];
        g->walk.ss[k - 1] = k == 1 ? 1 : k == 2 ? 1LL << 32 : 0;
        g->walk.rows *= (long long)v->dim[k];
    }
    g->walk.axes = v->ndim - 1;
    return MEDVOL_OK;
}
MV__CU_FN mv_status mv__cu_sp_fg_find(mv_cuda_ctx *ctx, const char *op, const mv__cu_sp_fg *g, const void *s,
                                      mv__cu_sp_ends *ends) {
    mv__cu_sp_ends *part, *all;
    mv__cu_sp_ends *got;
    unsigned grid = 0;
    size_t bytes;
    mv_status st;
    if (ctx->capturing)
        return mv__cu_fail(ctx, MEDVOL_E_BUSY, "capture", 0, "%s: it waits: not while a graph is captured",
                           op);
    if ((st = mv__cu_grid(ctx, op, mv__cu_walk_blocks(&g->walk), &grid)) < 0) return st;
    bytes = mv__cu_round(grid * sizeof *part);
    if ((st = mv__cu_room(ctx, op, bytes + 256)) < 0) return st;
    part = (mv__cu_sp_ends *)mv__cu_take(ctx, bytes);
    all = (mv__cu_sp_ends *)mv__cu_take(ctx, 256);
    if (!g->fast) MV__CU_LAUNCH(mv__cu_k_sp_fg_any, grid, MV__CU_B, 0, ctx->stream, part, s, *g);
    else switch (g->type) {
        case MEDVOL_U8:
            MV__CU_LAUNCH(mv__cu_k_sp_fg<unsigned char>, grid, MV__CU_B, 0, ctx->stream, part,
                          (const unsigned char *)s, *g);
            break;
        case MEDVOL_I16:
            MV__CU_LAUNCH(mv__cu_k_sp_fg<short>, grid, MV__CU_B, 0, ctx->stream, part, (const short *)s, *g);
            break;
        case MEDVOL_U16:
            MV__CU_LAUNCH(mv__cu_k_sp_fg<unsigned short>, grid, MV__CU_B, 0, ctx->stream, part,
                          (const unsigned short *)s, *g);
            break;
        default:
            MV__CU_LAUNCH(mv__cu_k_sp_fg<float>, grid, MV__CU_B, 0, ctx->stream, part, (const float *)s, *g);
    }
    if ((st = mv__cu_launched(ctx, op)) < 0) return st;
    MV__CU_LAUNCH(mv__cu_k_sp_fg_fold, 1, MV__CU_B, 0, ctx->stream, all, part, (long long)grid);
    if ((st = mv__cu_launched(ctx, op)) < 0) return st;
    got = (mv__cu_sp_ends *)(void *)((unsigned char *)ctx->pinned + 64);
    st = MV__CU_TRY(ctx, op, cudaMemcpyAsync, (got, all, sizeof *got, cudaMemcpyDeviceToHost, ctx->stream));
    if (st == MEDVOL_OK) st = mv__cu_wait(ctx, op);
    if (st == MEDVOL_OK) *ends = *got;
    return st;
}
MV__CU_FN mv_status mv__cu_sp_fg_box(mv_cuda_ctx *ctx, const char *op, size_t *start, size_t *size,
                                     const mv_cuda_volume *src, const mv_foreground_opt *opt) {
    const mv_cuda_volume *v = opt && opt->by ? opt->by : src;
    const size_t margin = opt ? opt->margin : 0;
    mv__cu_sp_fg g;
    mv__cu_sp_ends e;
    int k;
    mv_status st;
    if (v != src) {
        if ((st = mv__cu_vol_check(ctx, op, "by", v)) < 0) return st;
        if (!mv__cu_vol_same_shape(v, src->ndim, src->dim))
            return mv__cu_fail(ctx, MEDVOL_E_SHAPE, "by", (double)v->dim[0],
                               "%s: by has another shape than src", op);
    }
    if ((st = mv__cu_sp_fg_make(ctx, op, &g, v, opt)) < 0) return st;
    if ((st = mv__cu_sp_fg_find(ctx, op, &g, v->data, &e)) < 0) return st;
    if (e.hi[0] == 0)
        return mv__cu_fail(ctx, MEDVOL_E_EMPTY, "threshold", g.threshold, "%s: no voxel is foreground", op);
    for (k = 0; k < src->ndim; k++) {
        const size_t lo = k < 3 ? (size_t)e.lo[k] : 0, hi = k < 3 ? (size_t)e.hi[k] : src->dim[k];
        start[k] = k < 3 ? lo - (lo < margin ? lo : margin) : 0;
        size[k] = (k < 3 && margin < src->dim[k] - hi ? hi + margin : src->dim[k]) - start[k];
    }
    return MEDVOL_OK;
}
MV__CU_FN mv_status mv__cu_sp_foreground(mv_cuda_ctx *ctx, size_t *start, size_t *size,
                                         const mv_cuda_volume *src, const mv_foreground_opt *opt) {
    static const char op[] = "foreground_box";
    mv_status st = mv__cu_vol_check(ctx, op, "src", src);
    if (st < 0) return st;
    if (!start || !size) return mv__cu_fail_null(ctx, op, start ? "size" : "start");
    return mv__cu_sp_fg_box(ctx, op, start, size, src, opt);
}
MEDVOL_DEF mv_status mv_cuda_foreground_box(mv_cuda_ctx *ctx, size_t *start, size_t *size,
                                            const mv_cuda_volume *src, const mv_foreground_opt *opt) {
    mv_status st = mv__cu_begin(ctx, "foreground_box");
    return st < 0 ? st : mv__cu_end(ctx, mv__cu_sp_foreground(ctx, start, size, src, opt));
}
MV__CU_FN mv_status mv__cu_sp_crop_foreground(mv_cuda_ctx *ctx, mv_cuda_volume *dst,
                                              const mv_cuda_volume *src, const mv_foreground_opt *opt) {
    static const char op[] = "crop_foreground";
    size_t start[7], size[7];
    int k, nd;
    mv_status st = mv__cu_vol_check(ctx, op, "src", src);
    if (st < 0) return st;
    nd = src->ndim;
    if ((st = mv__cu_sp_fg_box(ctx, op, start, size, src, opt)) < 0) return st;
    st = mv__cu_sp_place(ctx, op, dst, src, start, size, mv__cu_sp_zero, mv__cu_sp_zero, MEDVOL_PAD_CONSTANT,
                         0.0);
    for (k = 0; k < nd && st == MEDVOL_OK && opt; k++) {
        if (opt->box_start) opt->box_start[k] = start[k];
        if (opt->box_size) opt->box_size[k] = size[k];
    }
    return st;
}
MEDVOL_DEF mv_status mv_cuda_crop_foreground(mv_cuda_ctx *ctx, mv_cuda_volume *dst, const mv_cuda_volume *src,
                                             const mv_foreground_opt *opt) {
    mv_status st = mv__cu_begin(ctx, "crop_foreground");
    return st < 0 ? st : mv__cu_end(ctx, mv__cu_sp_crop_foreground(ctx, dst, src, opt));
}

/* ---- arrays ---- */
MV__CU_FN mv_status mv__cu_sp_array_check(mv_cuda_ctx *ctx, const char *op, size_t elem_size, int ndim,
                                          const size_t *dim) {
    size_t n = elem_size;
    int d;
    if (!(elem_size >= 1 && elem_size <= 64))
        return mv__cu_fail(ctx, MEDVOL_E_RANGE, "elem_size", (double)elem_size,
                           "%s: elem_size = %zu: must be 1..64", op, elem_size);
    if (!(ndim >= 1 && ndim <= 7))
        return mv__cu_fail(ctx, MEDVOL_E_RANGE, "ndim", ndim, "%s: ndim = %d: must be 1..7", op, ndim);
    for (d = 0; d < ndim; d++)
        if (dim[d] == 0 || !mv__cu_muls(n, dim[d], &n) || n > (size_t)PTRDIFF_MAX)
            return mv__cu_fail(ctx, MEDVOL_E_SIZE, "dim", (double)dim[d],
                               "%s: dim[%d] = %zu: zero or too large", op, d, dim[d]);
    return MEDVOL_OK;
}
/* Strides in bytes and the least and greatest offset they reach */
MV__CU_FN mv_status mv__cu_sp_strides(mv_cuda_ctx *ctx, const char *name, size_t elem_size, int ndim,
                                      const size_t *dim, const ptrdiff_t *stride, ptrdiff_t *bytes,
                                      size_t *below, size_t *above) {
    size_t dense = elem_size, mag, reach;
    int d;
    *below = 0;
    *above = elem_size;
    for (d = 0; d < ndim; d++) {
        const int back = stride && stride[d] < 0;
        mag = !stride ? dense / elem_size : back ? 0 - (size_t)stride[d] : (size_t)stride[d];
        if (!mv__cu_muls(mag, elem_size, &mag) || !mv__cu_muls(mag, dim[d] - 1, &reach) ||
            mag > (size_t)PTRDIFF_MAX || !mv__cu_adds(back ? *below : *above, reach, &reach) ||
            reach > (size_t)PTRDIFF_MAX / 2)
            return mv__cu_fail(ctx, MEDVOL_E_SIZE, name, 0,
                               "permute_array: %s[%d] reaches beyond the address space", name, d);
        bytes[d] = back ? -(ptrdiff_t)mag : (ptrdiff_t)mag;
        if (back) *below = reach;
        else *above = reach;
        dense *= dim[d];
    }
    return MEDVOL_OK;
}
MV__CU_FN int mv__cu_sp_overlap(const void *a, size_t na, const void *b, size_t nb) {
    const uintptr_t p = (uintptr_t)a, q = (uintptr_t)b;
    return p < q + nb && q < p + na;
}
MV__CU_FN mv_status mv__cu_sp_permute_array(mv_cuda_ctx *ctx, void *dst, const ptrdiff_t *dst_stride,
                                            const void *src, const ptrdiff_t *src_stride, size_t elem_size,
                                            int ndim, const size_t *dim, const int *order, unsigned flips) {
    static const char op[] = "permute_array";
    static const int plain[7] = {0, 1, 2, 3, 4, 5, 6};
    mv__cu_sp_box b, c;
    ptrdiff_t ss[7], ds[7];
    size_t n[7], dlow, dhigh, slow, shigh;
    int d;
    mv_status st;
    if (!dst || !src || !dim) return mv__cu_fail_null(ctx, op, !dst ? "dst" : !src ? "src" : "dim");
    if ((st = mv__cu_sp_array_check(ctx, op, elem_size, ndim, dim)) < 0) return st;
    if (!order) order = plain;
    if ((st = mv__cu_sp_order_check(ctx, op, ndim, order)) < 0) return st;
    if (flips >> ndim)
        return mv__cu_fail(ctx, MEDVOL_E_RANGE, "flips", (double)flips,
                           "%s: flips = 0x%x: only bits 0..%d name an axis", op, flips, ndim - 1);
    for (d = 0; d < ndim; d++) n[d] = dim[order[d]];
    st = mv__cu_sp_strides(ctx, "src_stride", elem_size, ndim, dim, src_stride, ss, &slow, &shigh);
    if (st == MEDVOL_OK)
        st = mv__cu_sp_strides(ctx, "dst_stride", elem_size, ndim, n, dst_stride, ds, &dlow, &dhigh);
    if (st == MEDVOL_OK) st = mv__cu_on_device(ctx, op, "dst", dst, 0);
    if (st == MEDVOL_OK) st = mv__cu_on_device(ctx, op, "src", src, 0);
    if (st < 0) return st;
    if (mv__cu_sp_overlap((unsigned char *)dst - dlow, dlow + dhigh, (const unsigned char *)src - slow,
                          slow + shigh))
        return mv__cu_fail(ctx, MEDVOL_E_ALIAS, "dst", 0, "%s: dst and src overlap", op);
    memset(&b, 0, sizeof b);
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
    mv__cu_sp_simplify(&c); /* ascending: each axis must step over all before it */
    for (dhigh = elem_size, d = 0; d < c.nd; d++) {
        if ((size_t)c.ds[d] < dhigh && c.n[d] > 1)
            return mv__cu_fail(ctx, MEDVOL_E_SHAPE, "dst_stride", (double)c.ds[d],
                               "%s: dst_stride folds dst onto itself", op);
        dhigh += (size_t)c.ds[d] * (c.n[d] - 1);
    }
    return mv__cu_sp_run(ctx, op, &b);
}
MEDVOL_DEF mv_status mv_cuda_permute_array(mv_cuda_ctx *ctx, void *dst, const ptrdiff_t *dst_stride,
                                           const void *src, const ptrdiff_t *src_stride, size_t elem_size,
                                           int ndim, const size_t *dim, const int *order, unsigned flips) {
    mv_status st = mv__cu_begin(ctx, "permute_array");
    return st < 0 ? st
                  : mv__cu_end(ctx, mv__cu_sp_permute_array(ctx, dst, dst_stride, src, src_stride, elem_size,
                                                            ndim, dim, order, flips));
}
MV__CU_FN mv_status mv__cu_sp_pad_array(mv_cuda_ctx *ctx, void *dst, const void *src, size_t elem_size,
                                        int ndim, const size_t *dim, const size_t *before,
                                        const size_t *after, mv_pad_mode mode, const void *fill) {
    static const char op[] = "pad_array";
    mv__cu_sp_frame f;
    size_t inner = elem_size, outer = elem_size;
    int d;
    mv_status st;
    if (!dst || !src || !dim) return mv__cu_fail_null(ctx, op, !dst ? "dst" : !src ? "src" : "dim");
    if (!before || !after) return mv__cu_fail_null(ctx, op, before ? "after" : "before");
    if ((st = mv__cu_sp_array_check(ctx, op, elem_size, ndim, dim)) < 0) return st;
    if (!((int)mode >= 0 && mode <= MEDVOL_PAD_MAXIMUM))
        return mv__cu_fail(ctx, MEDVOL_E_RANGE, "mode", (double)mode, "%s: mode = %d: must be 0..%d", op,
                           (int)mode, (int)MEDVOL_PAD_WRAP);
    if (mode >= MEDVOL_PAD_MEAN)
        return mv__cu_fail(ctx, MEDVOL_E_UNSUPPORTED, "mode", (double)mode,
                           "%s: mode = %d needs a data type: use mv_cuda_pad", op, (int)mode);
    memset(&f, 0, sizeof f);
    for (d = 0; d < ndim; d++) {
        if (!mv__cu_adds(before[d], dim[d], &f.n[d]) || !mv__cu_adds(f.n[d], after[d], &f.n[d]) ||
            !mv__cu_muls(outer, f.n[d], &outer) || outer > (size_t)PTRDIFF_MAX)
            return mv__cu_fail(ctx, MEDVOL_E_SIZE, "before", (double)before[d],
                               "%s: axis %d: %zu + %zu + %zu is too large", op, d, before[d], dim[d],
                               after[d]);
        f.in[d] = dim[d];
        f.before[d] = before[d];
        f.ds[d] = f.n[d] > 1 ? (ptrdiff_t)(outer / f.n[d]) : 0;
        f.ss[d] = f.in[d] > 1 ? (ptrdiff_t)inner : 0;
        inner *= dim[d];
    }
    st = mv__cu_on_device(ctx, op, "dst", dst, 0);
    if (st == MEDVOL_OK) st = mv__cu_on_device(ctx, op, "src", src, 0);
    if (st < 0) return st;
    if (mv__cu_sp_overlap(dst, outer, src, inner))
        return mv__cu_fail(ctx, MEDVOL_E_ALIAS, "dst", 0, "%s: dst and src overlap", op);
    if (fill) memcpy(f.fill, fill, elem_size);
    f.d = (unsigned char *)dst;
    f.s = (const unsigned char *)src;
    f.size = elem_size;
    f.nd = ndim;
    f.mode = (int)mode;
    return mv__cu_sp_frame_run(ctx, op, &f);
}
MEDVOL_DEF mv_status mv_cuda_pad_array(mv_cuda_ctx *ctx, void *dst, const void *src, size_t elem_size,
                                       int ndim, const size_t *dim, const size_t *before, const size_t *after,
                                       mv_pad_mode mode, const void *fill) {
    mv_status st = mv__cu_begin(ctx, "pad_array");
    return st < 0 ? st
                  : mv__cu_end(ctx, mv__cu_sp_pad_array(ctx, dst, src, elem_size, ndim, dim, before, after,
                                                        mode, fill));
}
/* ==== [RESAMPLE] interpolation, resampling to spacing, shape, grid, by an affine. Owns mv__cu_rs_*. Uses
   [BASE] [CTX] [VOLUME] [SPATIAL]. Straight grids through tables of taps and weights, made on the device:
   LINEAR and NEAREST in one kernel, more taps axis after axis. Others through the matrix, a warp to 8 x 4
   voxels: its start in double, what follows in float. ==================================================== */
typedef struct mv__cu_rs_ask {
    const char *op;
    int interp, border, grid, shape, antialias, lobes;
    mv_dtype dtype;
    double value, a;
} mv__cu_rs_ask;
MV__CU_FN mv_status mv__cu_rs_ask_make(mv_cuda_ctx *ctx, mv__cu_rs_ask *k, const char *op,
                                       const mv_resample_opt *opt, int border) {
    mv_resample_opt o;
    const char *field = NULL;
    double value = 0;
    memset(&o, 0, sizeof o);
    if (opt) o = *opt;
    k->op = op;
    k->interp = (int)o.interp;
    k->border = o.border == MEDVOL_BORDER_DEFAULT ? border : (int)o.border;
    k->grid = (int)o.grid, k->shape = (int)o.shape;
    k->dtype = o.dtype;
    k->value = o.value;
    k->a = o.a == 0.0 ? -0.5 : o.a;
    k->lobes = o.lobes == 0 ? 3 : o.lobes;
    k->antialias = o.antialias != 0;
    if (!(k->interp >= 0 && k->interp <= MEDVOL_LANCZOS)) field = "interp", value = k->interp;
    else if (!((int)o.border >= 0 && (int)o.border <= MEDVOL_BORDER_WRAP))
        field = "border", value = (int)o.border;
    else if (!(k->grid >= 0 && k->grid <= MEDVOL_GRID_ALIGN_CORNERS)) field = "grid", value = k->grid;
    else if (!(k->shape >= 0 && k->shape <= MEDVOL_SHAPE_FLOOR)) field = "shape", value = k->shape;
    else if (!mv__cu_finite(o.value)) field = "value", value = o.value;
    else if (!(k->a >= -2.0 && k->a <= 0.0)) field = "a", value = o.a;
    else if (!(k->lobes >= 2 && k->lobes <= 8)) field = "lobes", value = o.lobes;
    if (field) return mv__cu_fail(ctx, MEDVOL_E_RANGE, field, value, "%s: %s = %g: unknown or out of range",
                                  op, field, value);
    if (o.dtype != MEDVOL_NONE && !mv_dtype_size(o.dtype))
        return mv__cu_fail(ctx, MEDVOL_E_DTYPE, "dtype", (double)o.dtype, "%s: data type %d is unknown", op,
                           (int)o.dtype);
    return MEDVOL_OK;
}
MV__CU_FN int mv__cu_rs_taps(const mv__cu_rs_ask *k) {
    return k->interp == MEDVOL_NEAREST ? 1 : k->interp == MEDVOL_LINEAR ? 2 : k->interp == MEDVOL_LANCZOS
        ? 2 * k->lobes : 4;
}
MV__CU_FN double mv__cu_rs_sigma(const mv__cu_rs_ask *k, double step) {
    const double s = fabs(step);
    return k->antialias && s > 1.0 && k->interp != MEDVOL_NEAREST ? (s - 1.0) / 2.0 : 0.0;
}
MV__CU_FN double mv__cu_rs_step(const double *m, int r) {
    return sqrt(m[4 * r] * m[4 * r] + m[4 * r + 1] * m[4 * r + 1] + m[4 * r + 2] * m[4 * r + 2]);
}
/* ---- positions and weights ---- */
#ifdef __CUDACC__
MV__CU_DEV float mv__cu_sinpi(float x) { return sinpif(x); }
MV__CU_DEV double mv__cu_sinpi(double x) { return sinpi(x); }
#else
MV__CU_DEV float mv__cu_sinpi(float x) { return (float)sin(3.14159265358979323846 * (double)x); }
MV__CU_DEV double mv__cu_sinpi(double x) { return sin(3.14159265358979323846 * x); }
#endif
/* Modulo a whole number, exactly: fmod without its loop over far numbers */
MV__CU_DEV double mv__cu_rs_mod(double x, double n) {
    const double q = floor(x / n);
    x = x - mv__cu_mul(q, n); /* both whole where it matters; at most one off */
    return x < 0.0 ? x + n : x >= n ? x - n : x;
}
MV__CU_DEV double mv__cu_rs_fold(int border, double x, double n) {
    const double top = n - 1.0;
    if (border == MEDVOL_BORDER_WRAP) {
        x = mv__cu_rs_mod(x, n);
        return x < n ? x : 0.0;
    }
    if (border == MEDVOL_BORDER_MIRROR) {
        if (top == 0.0) return 0.0;
        x = mv__cu_rs_mod(fabs(x), 2.0 * top);
        return x > top ? 2.0 * top - x : x;
    }
    return x < 0.0 ? 0.0 : x > top ? top : x;
}
MV__CU_DEV int mv__cu_rs_map(int border, int i, int n) { /* which voxel stands at index i */
    if (i >= 0 && i < n) return i;
    if (border == MEDVOL_BORDER_WRAP) return i % n + (i % n < 0 ? n : 0);
    if (border == MEDVOL_BORDER_MIRROR) {
        if (n == 1) return 0;
        i = (i < 0 ? -i : i) % (2 * (n - 1));
        return i >= n ? 2 * (n - 1) - i : i;
    }
    return i < 0 ? 0 : n - 1;
}
MV__CU_DEV double mv__cu_rs_snap(double x) {
    const double r = rint(x);
    return fabs(x - r) < 1e-7 ? r : x;
}
MV__CU_DEV double mv__cu_rs_near(int border, double p, double n) { /* the voxel, as a number */
    p = rint(mv__cu_rs_fold(border, p, n) + 1e-7);
    return mv__cu_rs_fold(border == MEDVOL_BORDER_WRAP ? border : (int)MEDVOL_BORDER_EDGE, p, n);
}
/* Weight of tap j at fraction f of the place, before Lanczos' are divided by their sum */
template <class R> MV__CU_DEV R mv__cu_rs_weight(int interp, R a, int lobes, R f, int j) {
    const R g = R(1) - f;
    R t, u;
    switch (interp) {
        case MEDVOL_NEAREST: return R(1);
        case MEDVOL_LINEAR: return j ? f : g;
        case MEDVOL_CUBIC:
            return j == 0   ? g * g * g / R(6)
                   : j == 1 ? R(2) / R(3) - f * f * (R(1) - f / R(2))
                   : j == 2 ? R(2) / R(3) - g * g * (R(1) - g / R(2))
                            : f * f * f / R(6);
        case MEDVOL_CUBIC_CONV:
            return j == 0   ? a * f * g * g
                   : j == 1 ? ((a + R(2)) * f - (a + R(3))) * f * f + R(1)
                   : j == 2 ? ((a + R(2)) * g - (a + R(3))) * g * g + R(1)
                            : a * g * f * f;
        default:
            t = f - R(j - (lobes - 1));
            u = t / R(lobes);
            if (t == R(0)) return R(1);
            if (f == R(0) || u >= R(1) || u <= R(-1)) return R(0);
            return mv__cu_sinpi(t) * mv__cu_sinpi(u) / (R(9.8696044010893586188) * t * u);
    }
}
/* ---- straight grids: output c of an axis is the sum of w[c * taps + t] * input[at[c * taps + t]] ---- */
typedef struct mv__cu_rs_axis {
    int n, m, taps, same, r; /* r: reach of the smoothing; same: only copied */
    int *at;
    float *w;
    unsigned char *in; /* 0: beyond the extent */
    double o, s, sigma;
} mv__cu_rs_axis;
typedef struct mv__cu_rs_rule {
    int interp, border, tap, lobes;
    double a;
} mv__cu_rs_rule;
MV__CU_KERNEL(MV__CU_B, 2) mv__cu_k_rs_table(mv__cu_rs_axis x, mv__cu_rs_rule k) {
    const int i = (int)(blockIdx.x * MV__CU_B + threadIdx.x), taps = x.taps - 2 * x.r;
    const double n = (double)x.n;
    double p, whole, total = 0.0, sum = 0.0;
    int t, j, first;
    if (i >= x.m) return;
    p = mv__cu_rs_snap(mv__cu_add(x.o, mv__cu_mul(x.s, (double)i)));
    x.in[i] = k.border != MEDVOL_BORDER_CONSTANT || (p >= -0.5 - 1e-7 && p <= n - 0.5 + 1e-7);
    if (k.interp == MEDVOL_NEAREST) p = mv__cu_rs_near(k.border, p, n);
    else p = mv__cu_rs_snap(mv__cu_rs_fold(k.border, p, n));
    whole = floor(p);
    p -= whole;
    for (j = -x.r; j <= x.r && x.r; j++) {
        const double d = (double)j / x.sigma;
        total += exp(-0.5 * d * d);
    }
    for (t = 0; t < taps; t++) sum += mv__cu_rs_weight(k.interp, k.a, k.lobes, p, t);
    if (k.interp != MEDVOL_LANCZOS) sum = 1.0;
    first = (int)whole - ((taps + 1) / 2 - 1) - x.r;
    for (t = 0; t < x.taps; t++) {
        double w = 0.0;
        for (j = 0; j < taps; j++) { /* tap j, smoothed by the Gaussian's element t - j */
            const int e = t - j - x.r;
            const double d = x.r ? (double)e / x.sigma : 0.0;
            if (e < -x.r || e > x.r) continue;
            w += mv__cu_rs_weight(k.interp, k.a, k.lobes, p,
                                  j) / sum * (x.r ? exp(-0.5 * d * d) / total : 1.0);
        }
        x.w[(long long)i * x.taps + t] = (float)w;
        x.at[(long long)i * x.taps + t] = mv__cu_rs_map(k.tap, first + t, x.n);
    }
}
typedef struct mv__cu_rs_grid { /* blocks of 64 x 4 outputs, planes in turn */
    int m[3];
    long long dy, dz, sy, sz;
} mv__cu_rs_grid;
#define MV__CU_RS_EACH(g, x, y, z)                                                                       \
    const int x = (int)(blockIdx.x * 64 + (threadIdx.x & 63));                                           \
    const int y = (int)(blockIdx.y * 4 + (threadIdx.x >> 6));                                            \
    int z;                                                                                               \
    if (x >= (g).m[0] || y >= (g).m[1]) return;                                                          \
    for (z = (int)blockIdx.z; z < (g).m[2]; z += (int)gridDim.z)
MV__CU_DEV float mv__cu_rs_lerp(float a, float b, float w) { return a + w * (b - a); }
MV__CU_KERNEL(MV__CU_B, 4) mv__cu_k_rs_linear(float *d, const float *__restrict__ s, mv__cu_rs_grid g,
                                              mv__cu_rs_axis ax, mv__cu_rs_axis ay, mv__cu_rs_axis az,
                                              float value) {
    MV__CU_RS_EACH(g, x, y, z) {
        const long long z0 = az.at[(long long)z * az.taps] * g.sz,
            z1 = az.at[(long long)z * az.taps + az.taps - 1] * g.sz;
        const long long y0 = ay.at[(long long)y * ay.taps] * g.sy,
            y1 = ay.at[(long long)y * ay.taps + ay.taps - 1] * g.sy;
        const int x0 = ax.at[(long long)x * ax.taps], x1 = ax.at[(long long)x * ax.taps + ax.taps - 1];
        const float wx = ax.w[(long long)x * ax.taps + ax.taps - 1],
            wy = ay.w[(long long)y * ay.taps + ay.taps - 1], wz = az.w[(long long)z * az.taps + az.taps - 1];
        float a = s[z0 + y0 + x0], b = s[z0 + y0 + x1], c = s[z0 + y1 + x0], e = s[z0 + y1 + x1];
        if (az.taps > 1) {
            a = mv__cu_rs_lerp(a, s[z1 + y0 + x0], wz), b = mv__cu_rs_lerp(b, s[z1 + y0 + x1], wz);
            c = mv__cu_rs_lerp(c, s[z1 + y1 + x0], wz), e = mv__cu_rs_lerp(e, s[z1 + y1 + x1], wz);
        }
        if (ay.taps > 1) a = mv__cu_rs_lerp(a, c, wy), b = mv__cu_rs_lerp(b, e, wy);
        if (ax.taps > 1) a = mv__cu_rs_lerp(a, b, wx);
        d[z * g.dz + y * g.dy + x] = ax.in[x] && ay.in[y] && az.in[z] ? a : value;
    }
}
/* One axis; in all others a place stays its own. The last one asks all three whether it is inside. */
MV__CU_KERNEL(MV__CU_B, 4) mv__cu_k_rs_pass(float *d, const float *__restrict__ s, mv__cu_rs_grid g, int axis,
                                            long long step, mv__cu_rs_axis a) {
    MV__CU_RS_EACH(g, x, y, z) {
        const int c = axis == 0 ? x : axis == 1 ? y : z;
        const float *p = s + (axis == 2 ? 0 : z * g.sz) + (axis == 1 ? 0 : y * g.sy) + (axis == 0 ? 0 : x);
        const int *at = a.at + (long long)c * a.taps;
        const float *w = a.w + (long long)c * a.taps;
        float sum = a.taps > 1 ? w[0] * p[at[0] * step] : p[at[0] * step];
        int t;
        if (a.taps == 2) sum = mv__cu_rs_lerp(p[at[0] * step], p[at[1] * step], w[1]);
        else for (t = 1; t < a.taps; t++) sum += w[t] * p[at[t] * step];
        d[z * g.dz + y * g.dy + x] = sum;
    }
}
MV__CU_KERNEL(MV__CU_B, 4) mv__cu_k_rs_outside(float *d, mv__cu_rs_grid g, const unsigned char *ix,
                                               const unsigned char *iy, const unsigned char *iz,
                                               float value) {
    MV__CU_RS_EACH(g, x, y, z) if (!(ix[x] && iy[y] && iz[z])) d[z * g.dz + y * g.dy + x] = value;
}
/* Elements of m words, as they are */
typedef struct mv__cu_rs_fill { mv__cu_u64 v[4]; } mv__cu_rs_fill;
template <class T> MV__CU_DEV T mv__cu_rs_fill_at(const mv__cu_rs_fill &f, int j) {
    /* an index would put f in local memory */
    const unsigned at = (unsigned)j * (unsigned)sizeof(T), i = at / 8;
    return (T)((i == 0 ? f.v[0] : i == 1 ? f.v[1] : i == 2 ? f.v[2] : f.v[3]) >> at % 8 * 8);
}
template <class T>
MV__CU_KERNEL(MV__CU_B, 4) mv__cu_k_rs_near(T *d, const T *__restrict__ s, mv__cu_rs_grid g, int m,
                                            mv__cu_rs_axis ax, mv__cu_rs_axis ay, mv__cu_rs_axis az,
                                            mv__cu_rs_fill fill) {
    MV__CU_RS_EACH(g, x, y, z) {
        const T *p = s + (az.at[z] * g.sz + ay.at[y] * g.sy + ax.at[x]) * m;
        T *q = d + (z * g.dz + y * g.dy + x) * m;
        const int in = ax.in[x] && ay.in[y] && az.in[z];
        int j;
        for (j = 0; j < m; j++) q[j] = in ? p[j] : mv__cu_rs_fill_at<T>(fill, j);
    }
}
/* ---- B-spline coefficients in place: a thread to a line, along an axis across x ---- */
enum { MV__CU_RS_FIRST = 16 };
typedef struct mv__cu_rs_pole {
    int n, nfirst, wrap;
    float first[MV__CU_RS_FIRST], pole, gain, last;
} mv__cu_rs_pole;
MV__CU_FN void mv__cu_rs_pole_make(mv__cu_rs_pole *p, size_t n, int wrap) {
    const double z = sqrt(3.0) - 2.0, zn = pow(z, (double)n), z2 = pow(z, 2.0 * ((double)n - 1.0));
    int k;
    memset(p, 0, sizeof *p);
    p->n = (int)n;
    p->wrap = wrap;
    p->nfirst = n < MV__CU_RS_FIRST ? (int)n : (int)MV__CU_RS_FIRST;
    p->pole = (float)z;
    p->gain = (float)(-6.0 * z);
    p->last = wrap ? p->gain : (float)(6.0 * z / (z * z - 1.0));
    for (k = 0; k < p->nfirst; k++) {
        double w = pow(z, (double)k);
        if (wrap) w /= 1.0 - zn;
        else if (n > 1) {
            if (k > 0 && (size_t)k < n - 1) w += pow(z, 2.0 * (double)n - 2.0 - (double)k);
            w /= 1.0 - z2;
        }
        p->first[k] = (float)w;
    }
}
MV__CU_KERNEL(MV__CU_B, 4) mv__cu_k_rs_pre(float *p, long long lines, long long inner, long long outer,
                                           long long step, mv__cu_rs_pole q) {
    const long long i = (long long)blockIdx.x * MV__CU_B + (int)threadIdx.x;
    float s, u;
    int k;
    if (i >= lines) return;
    p += i % inner + i / inner * outer;
    s = q.first[0] * p[0];
    MV__CU_UNROLL for (k = 1; k < MV__CU_RS_FIRST; k++)
        if (k < q.nfirst) s += q.first[k] * p[(q.wrap ? q.n - k : k) * step];
    p[0] = s;
    for (k = 1; k < q.n; k++) p[k * step] = s = q.pole * s + p[k * step];
    if (q.wrap) {
        u = q.first[0] * s;
        MV__CU_UNROLL for (k = 1; k < MV__CU_RS_FIRST; k++)
            if (k < q.nfirst) u += q.first[k] * p[(k - 1) * step];
    } else u = q.pole * p[(q.n - 2) * step] + s;
    p[(q.n - 1) * step] = u = q.last * u;
    for (k = q.n - 2; k >= 0; k--) p[k * step] = u = q.pole * u + q.gain * p[k * step];
}
/* ---- through a matrix ---- */
typedef struct mv__cu_rs_gen {
    int m[3], n[3], border, tap, interp, lobes;
    long long dy, dz, sy, sz;
    double t[12];
    float step[3], a, value; /* step: along z */
} mv__cu_rs_gen;
/* as medvol.h adds it up */
MV__CU_DEV double mv__cu_rs_place(const mv__cu_rs_gen &g, int r, int x, int y, int z) {
    const double at = mv__cu_add(mv__cu_add(mv__cu_mul(g.t[4 * r + 1], (double)y),
                                            mv__cu_mul(g.t[4 * r + 2], (double)z)), g.t[4 * r + 3]);
    return mv__cu_add(at, mv__cu_mul((double)x, g.t[4 * r]));
}
MV__CU_DEV int mv__cu_rs_within(double p, int n) { return p >= -0.5 - 1e-7 && p <= (double)n - 0.5 + 1e-7; }
/* A position as whole part and fraction, folded into the volume */
MV__CU_DEV void mv__cu_rs_fold_split(int border, int n, int *i, float *f) {
    const int top = n - 1;
    if (*i >= 0 && *i < top) return;
    if (border == MEDVOL_BORDER_WRAP) *i = mv__cu_rs_map(border, *i, n);
    else if (border == MEDVOL_BORDER_MIRROR && top > 0) {
        int q = *i % (2 * top);
        if (q < 0) q += 2 * top;
        if (q >= top) {
            q = 2 * top - q;
            if (*f > 0.0f) q--, *f = 1.0f - *f;
        }
        *i = q;
    } else *i = *i < 0 ? 0 : top, *f = 0.0f;
}
typedef struct mv__cu_rs_spot { int i[3]; float f[3]; } mv__cu_rs_spot;
/* The spot of voxel x, y, z + dz from its start; 0: outside */
MV__CU_DEV int mv__cu_rs_find(const mv__cu_rs_gen &g, const int *base, const float *frac, int x, int y,
                              int z, int dz, mv__cu_rs_spot *o) {
    int r, in = 1;
    MV__CU_UNROLL for (r = 0; r < 3; r++) {
        const float f = frac[r] + g.step[r] * (float)dz, w = floorf(f);
        o->i[r] = base[r] + (int)w;
        o->f[r] = f - w;
        if (g.border == MEDVOL_BORDER_CONSTANT) {
            const float low = (float)o->i[r] + 0.5f + o->f[r],
                high = (float)(o->i[r] - g.n[r]) + 0.5f + o->f[r];
            if (fminf(fabsf(low), fabsf(high)) < 1e-3f) /* too near to the ends of the extent for float */
                in = in && mv__cu_rs_within(mv__cu_rs_place(g, r, x, y, z + dz), g.n[r]);
            else in = in && low > 0.0f && high < 0.0f;
        }
        mv__cu_rs_fold_split(g.border, g.n[r], &o->i[r], &o->f[r]);
    }
    return in;
}
#define MV__CU_RS_PLANES 4
template <int TAPS>
MV__CU_KERNEL(MV__CU_B, 3) mv__cu_k_rs_gen(float *d, const float *__restrict__ s, mv__cu_rs_gen g) {
    const int lane = (int)threadIdx.x & 31, warp = (int)threadIdx.x >> 5;
    const int x = (int)blockIdx.x * 32 + (warp & 3) * 8 + (lane & 7),
        y = (int)blockIdx.y * 8 + (warp >> 2) * 4 + (lane >> 3);
    const int planes = MV__CU_RS_PLANES;
    int z0, dz, r, j, k, base[3];
    float frac[3];
    if (x >= g.m[0] || y >= g.m[1]) return;
    for (z0 = (int)blockIdx.z * planes; z0 < g.m[2]; z0 += (int)gridDim.z * planes) {
        MV__CU_UNROLL for (r = 0; r < 3; r++) {
            const double p = mv__cu_rs_snap(mv__cu_rs_place(g, r, x, y, z0)), w = floor(p);
            base[r] = (int)w;
            frac[r] = (float)(p - w);
        }
        for (dz = 0; dz < planes && z0 + dz < g.m[2]; dz++) {
            mv__cu_rs_spot o;
            float out = g.value;
            if (mv__cu_rs_find(g, base, frac, x, y, z0, dz, &o)) {
                int at[3][TAPS];
                float w[3][TAPS];
                MV__CU_UNROLL for (r = 0; r < 3; r++) {
                    MV__CU_UNROLL for (j = 0; j < TAPS; j++) {
                        at[r][j] = mv__cu_rs_map(g.tap, o.i[r] - (TAPS / 2 - 1) + j, g.n[r]);
                        w[r][j] = mv__cu_rs_weight(TAPS == 2 ? (int)MEDVOL_LINEAR : g.interp, g.a, 0, o.f[r],
                                                   j);
                    }
                }
                out = 0.0f;
                MV__CU_UNROLL for (k = 0; k < TAPS; k++) {
                    float plane = 0.0f;
                    MV__CU_UNROLL for (j = 0; j < TAPS; j++) {
                        const float *p = s + at[2][k] * g.sz + at[1][j] * g.sy;
                        float row;
                        if (TAPS == 2) row = mv__cu_rs_lerp(p[at[0][0]], p[at[0][TAPS - 1]], o.f[0]);
                        else {
                            row = w[0][0] * p[at[0][0]];
                            MV__CU_UNROLL for (r = 1; r < TAPS; r++) row += w[0][r] * p[at[0][r]];
                        }
                        if (TAPS == 2) plane = j ? mv__cu_rs_lerp(plane, row, o.f[1]) : row;
                        else plane += w[1][j] * row;
                    }
                    if (TAPS == 2) out = k ? mv__cu_rs_lerp(out, plane, o.f[2]) : plane;
                    else out += w[2][k] * plane;
                }
            }
            d[(z0 + dz) * g.dz + y * g.dy + x] = out;
        }
    }
}
/* Lanczos: up to 16 taps an axis, their weights in shared memory */
enum { MV__CU_RS_LB = 128 };
typedef float mv__cu_rs_lanczos[48][MV__CU_RS_LB];
MV__CU_KERNEL(MV__CU_RS_LB, 3) mv__cu_k_rs_lanczos(float *d, const float *__restrict__ s, mv__cu_rs_gen g) {
    MV__CU_SHARED(mv__cu_rs_lanczos, w);
    const int lane = (int)threadIdx.x & 31, warp = (int)threadIdx.x >> 5, tid = (int)threadIdx.x,
        taps = 2 * g.lobes;
    const int x = (int)blockIdx.x * 16 + (warp & 1) * 8 + (lane & 7),
        y = (int)blockIdx.y * 8 + (warp >> 1) * 4 + (lane >> 3);
    int z, r, i, j, k, base[3];
    float frac[3];
    if (x >= g.m[0] || y >= g.m[1]) return;
    for (z = (int)blockIdx.z; z < g.m[2]; z += (int)gridDim.z) {
        mv__cu_rs_spot o;
        float out = g.value;
        MV__CU_UNROLL for (r = 0; r < 3; r++) {
            const double p = mv__cu_rs_snap(mv__cu_rs_place(g, r, x, y, z)), whole = floor(p);
            base[r] = (int)whole;
            frac[r] = (float)(p - whole);
        }
        if (mv__cu_rs_find(g, base, frac, x, y, z, 0, &o)) {
            MV__CU_UNROLL for (r = 0; r < 3; r++) {
                const float f = o.f[r] < 1e-7f ? 0.0f : o.f[r];
                float sum = 0.0f;
                for (j = 0; j < taps; j++)
                    sum += w[16 * r + j][tid] = mv__cu_rs_weight((int)MEDVOL_LANCZOS, 0.0f, g.lobes, f, j);
                for (j = 0; j < taps; j++) w[16 * r + j][tid] /= sum;
            }
            out = 0.0f;
            for (k = 0; k < taps; k++) {
                const float *p = s + mv__cu_rs_map(g.tap, o.i[2] - (g.lobes - 1) + k, g.n[2]) * g.sz;
                float plane = 0.0f;
                for (j = 0; j < taps; j++) {
                    const float *q = p + mv__cu_rs_map(g.tap, o.i[1] - (g.lobes - 1) + j, g.n[1]) * g.sy;
                    float row = 0.0f;
                    for (i = 0; i < taps; i++) row += w[i][tid] * q[mv__cu_rs_map(g.tap,
                            o.i[0] - (g.lobes - 1) + i, g.n[0])];
                    plane += w[16 + j][tid] * row;
                }
                out += w[32 + k][tid] * plane;
            }
        }
        d[z * g.dz + y * g.dy + x] = out;
    }
}
template <class T>
MV__CU_KERNEL(MV__CU_B, 4) mv__cu_k_rs_gen_near(T *d, const T *__restrict__ s, mv__cu_rs_gen g, int m,
                                                mv__cu_rs_fill fill) {
    const int lane = (int)threadIdx.x & 31, warp = (int)threadIdx.x >> 5;
    const int x = (int)blockIdx.x * 32 + (warp & 3) * 8 + (lane & 7),
        y = (int)blockIdx.y * 8 + (warp >> 2) * 4 + (lane >> 3);
    int z, r, j;
    if (x >= g.m[0] || y >= g.m[1]) return;
    for (z = (int)blockIdx.z; z < g.m[2]; z += (int)gridDim.z) {
        T *q = d + (z * g.dz + y * g.dy + x) * m;
        long long at = 0;
        int in = 1;
        MV__CU_UNROLL for (r = 0; r < 3; r++) {
            const double p = mv__cu_rs_place(g, r, x, y, z);
            if (g.border == MEDVOL_BORDER_CONSTANT) in = in && mv__cu_rs_within(p, g.n[r]);
            at += (long long)mv__cu_rs_near(g.border, p,
                                            (double)g.n[r]) * (r == 0 ? 1 : r == 1 ? g.sy : g.sz);
        }
        for (j = 0; j < m; j++) q[j] = in ? s[at * m + j] : mv__cu_rs_fill_at<T>(fill, j);
    }
}
/* ---- host: plans, passes, volumes ---- */
typedef struct mv__cu_rs_plan {
    size_t n[3], m[3];
    double t[12]; /* output voxel to input voxel */
    int diagonal;
} mv__cu_rs_plan;
typedef struct mv__cu_rs_work { /* one volume's way */
    const mv__cu_rs_ask *k;
    const mv__cu_rs_plan *p;
    mv__cu_rs_axis ax[3], around[3];
    float *copy, *turned, *pass[2], *out;
    void *typed; /* NEAREST into another type: src in that type */
    int filter[3], smooth, passes;
    mv__cu_rs_fill fill;
} mv__cu_rs_work;
/* volume `which` of the further axes */
MV__CU_FN mv_volume mv__cu_rs_part(const mv_volume *v, size_t which) {
    mv_volume w = *v;
    size_t at = 0;
    int d;
    for (d = 3; d < v->ndim; d++) {
        at += which % v->dim[d] * (size_t)v->stride[d];
        which /= v->dim[d];
        w.dim[d] = 1;
    }
    w.ndim = 3;
    if (v->ndim < 2) w.dim[1] = 1, w.stride[1] = (ptrdiff_t)v->dim[0];
    if (v->ndim < 3) w.dim[2] = 1, w.stride[2] = (ptrdiff_t)w.dim[1] * w.stride[1];
    w.data = (unsigned char *)v->data + at * mv_dtype_size(v->dtype);
    return w;
}
MV__CU_FN mv_volume mv__cu_rs_made(void *data, mv_dtype type, const size_t *dim) {
    mv_volume v;
    mv__cu_vol_init(&v, type, 3, dim, NULL);
    v.data = data;
    return v;
}
MV__CU_FN void mv__cu_rs_grid_of(mv__cu_rs_grid *g, const mv_volume *d, const mv_volume *s) {
    int r;
    for (r = 0; r < 3; r++) g->m[r] = (int)d->dim[r];
    g->dy = d->stride[1], g->dz = d->stride[2];
    g->sy = s->stride[1], g->sz = s->stride[2];
}
MV__CU_FN mv_status mv__cu_rs_blocks(mv_cuda_ctx *ctx, const char *op, const size_t *m, int w, int h,
                                     int depth, dim3 *blocks) {
    const size_t x = mv__cu_divup(m[0], (size_t)w), y = mv__cu_divup(m[1], (size_t)h),
        z = mv__cu_divup(m[2], (size_t)depth);
    if (y > 65535)
        return mv__cu_fail(ctx, MEDVOL_E_UNSUPPORTED, "shape", (double)m[1], "%s: more than 262140 rows", op);
    *blocks = dim3((unsigned)x, (unsigned)y, (unsigned)(z < 65535 ? z : 65535));
    return MEDVOL_OK;
}
MV__CU_FN void mv__cu_rs_axis_set(mv__cu_rs_axis *a, int taps, size_t n, size_t m, double o, double s,
                                  double sigma) {
    memset(a, 0, sizeof *a);
    a->n = (int)n, a->m = (int)m;
    a->o = o, a->s = s, a->sigma = sigma;
    a->same = n == m && sigma == 0.0 && fabs(o) < 1e-7 && fabs(o + (s - 1.0) * (double)(m - 1)) < 1e-7;
    a->r = (int)(4.0 * sigma + 0.5);
    a->taps = (a->same ? 1 : taps) + 2 * a->r;
    if (a->same) a->o = 0.0, a->s = 1.0;
}
MV__CU_FN size_t mv__cu_rs_table_bytes(const mv__cu_rs_axis *a) {
    size_t cells = (size_t)a->m, bytes;
    if (!mv__cu_muls(cells, (size_t)a->taps * 4, &bytes) || bytes > (size_t)1 << 40) return (size_t)1 << 60;
    return 2 * mv__cu_round(bytes) + mv__cu_round(cells);
}
MV__CU_FN mv_status mv__cu_rs_table(mv_cuda_ctx *ctx, const mv__cu_rs_ask *k, mv__cu_rs_axis *a,
                                    int smooths) {
    const size_t bytes = mv__cu_round((size_t)a->m * (size_t)a->taps * 4);
    mv__cu_rs_rule u;
    a->at = (int *)mv__cu_take(ctx, bytes);
    a->w = (float *)mv__cu_take(ctx, bytes);
    a->in = (unsigned char *)mv__cu_take(ctx, mv__cu_round((size_t)a->m));
    u.interp = smooths || a->same ? (int)MEDVOL_NEAREST : k->interp;
    u.border = k->border;
    u.tap = u.interp == MEDVOL_CUBIC &&
        k->border != MEDVOL_BORDER_WRAP ? (int)MEDVOL_BORDER_MIRROR : k->border;
    u.lobes = k->lobes;
    u.a = k->a;
    MV__CU_LAUNCH(mv__cu_k_rs_table, (unsigned)mv__cu_divup((size_t)a->m, MV__CU_B), MV__CU_B, 0,
                  ctx->stream, *a, u);
    return mv__cu_launched(ctx, k->op);
}
/* d = s with the axes of a that are not the same, the last axis first; between them pass[0] and pass[1] */
MV__CU_FN mv_status mv__cu_rs_passes(mv_cuda_ctx *ctx, mv__cu_rs_work *w, const mv__cu_rs_axis *a,
                                     const mv_volume *d, const mv_volume *s) {
    const char *op = w->k->op;
    mv_volume from = *s, to;
    mv__cu_rs_grid g;
    dim3 blocks;
    mv_status st = MEDVOL_OK;
    int axis, left = 0, turn = 0;
    for (axis = 0; axis < 3; axis++) left += !a[axis].same;
    for (axis = 2; axis >= 0 && st == MEDVOL_OK; axis--) {
        size_t dim[3];
        if (a[axis].same) continue;
        memcpy(dim, from.dim, sizeof dim);
        dim[axis] = (size_t)a[axis].m;
        if (--left) to = mv__cu_rs_made(w->pass[turn], MEDVOL_F32, dim);
        else to = *d;
        turn ^= 1;
        mv__cu_rs_grid_of(&g, &to, &from);
        if ((st = mv__cu_rs_blocks(ctx, op, to.dim, 64, 4, 1, &blocks)) < 0) return st;
        MV__CU_LAUNCH(mv__cu_k_rs_pass, blocks, MV__CU_B, 0, ctx->stream, (float *)to.data,
                      (const float *)from.data, g, axis, (long long)from.stride[axis], a[axis]);
        st = mv__cu_launched(ctx, op);
        from = to;
    }
    if (st < 0 || w->k->border != MEDVOL_BORDER_CONSTANT) return st;
    mv__cu_rs_grid_of(&g, d, d);
    if ((st = mv__cu_rs_blocks(ctx, op, d->dim, 64, 4, 1, &blocks)) < 0) return st;
    MV__CU_LAUNCH(mv__cu_k_rs_outside, blocks, MV__CU_B, 0, ctx->stream, (float *)d->data, g, a[0].in,
                  a[1].in, a[2].in, (float)w->k->value);
    return mv__cu_launched(ctx, op);
}
MV__CU_FN mv_status mv__cu_rs_turn(mv_cuda_ctx *ctx, const char *op, float *d, const float *s,
                                   const size_t *n) {
    mv__cu_sp_box b; /* d: axes 0 and 1 changed; n: of s */
    memset(&b, 0, sizeof b);
    b.d = (unsigned char *)d, b.s = (const unsigned char *)s;
    b.size = 4, b.nd = 3;
    b.n[0] = n[1], b.n[1] = n[0], b.n[2] = n[2];
    b.ds[0] = 4, b.ds[1] = (ptrdiff_t)n[1] * 4, b.ds[2] = (ptrdiff_t)(n[0] * n[1]) * 4;
    b.ss[0] = (ptrdiff_t)n[0] * 4, b.ss[1] = 4, b.ss[2] = b.ds[2];
    return mv__cu_sp_run(ctx, op, &b);
}
MV__CU_FN mv_status mv__cu_rs_filter(mv_cuda_ctx *ctx, mv__cu_rs_work *w, const size_t *n) {
    const char *op = w->k->op;
    mv_status st = MEDVOL_OK;
    int axis;
    for (axis = 0; axis < 3 && st == MEDVOL_OK; axis++) {
        const size_t cells = n[0] * n[1] * n[2], lines = cells / n[axis];
        const size_t inner = axis == 0 ? n[1] : axis == 1 ? n[0] : n[0] * n[1];
        float *p = axis ? w->copy : w->turned;
        mv__cu_rs_pole q;
        unsigned grid = 0;
        if (!w->filter[axis] || n[axis] == 1) continue;
        mv__cu_rs_pole_make(&q, n[axis], w->k->border == MEDVOL_BORDER_WRAP);
        if (axis == 0) st = mv__cu_rs_turn(ctx, op, w->turned, w->copy, n);
        if (st == MEDVOL_OK) st = mv__cu_grid(ctx, op, mv__cu_divup(lines, MV__CU_B), &grid);
        if (st < 0) return st;
        MV__CU_LAUNCH(mv__cu_k_rs_pre, grid, MV__CU_B, 0, ctx->stream, p, (long long)lines, (long long)inner,
                      (long long)(inner * n[axis]), (long long)inner, q);
        st = mv__cu_launched(ctx, op);
        if (axis == 0 && st == MEDVOL_OK) {
            const size_t back[3] = {n[1], n[0], n[2]};
            st = mv__cu_rs_turn(ctx, op, w->copy, w->turned, back);
        }
    }
    return st;
}
MV__CU_FN void mv__cu_rs_gen_set(mv__cu_rs_gen *g, const mv__cu_rs_work *w, const mv_volume *d,
                                 const mv_volume *s) {
    int r;
    memset(g, 0, sizeof *g);
    for (r = 0; r < 3; r++) {
        g->m[r] = (int)d->dim[r], g->n[r] = (int)s->dim[r];
        g->step[r] = (float)w->p->t[4 * r + 2];
    }
    g->dy = d->stride[1], g->dz = d->stride[2], g->sy = s->stride[1], g->sz = s->stride[2];
    memcpy(g->t, w->p->t, sizeof g->t);
    g->interp = w->k->interp;
    g->border = w->k->border;
    g->tap = g->interp == MEDVOL_CUBIC &&
        g->border != MEDVOL_BORDER_WRAP ? (int)MEDVOL_BORDER_MIRROR : g->border;
    g->lobes = w->k->lobes;
    g->a = (float)w->k->a;
    g->value = (float)w->k->value;
}
MV__CU_FN mv_status mv__cu_rs_matrix_run(mv_cuda_ctx *ctx, mv__cu_rs_work *w, const mv_volume *d,
                                         const mv_volume *s) {
    mv__cu_rs_gen g;
    dim3 blocks;
    const int lanczos = w->k->interp == MEDVOL_LANCZOS;
    mv_status st = mv__cu_rs_blocks(ctx, w->k->op, d->dim, lanczos ? 16 : 32, 8,
                                    lanczos ? 1 : MV__CU_RS_PLANES, &blocks);
    if (st < 0) return st;
    mv__cu_rs_gen_set(&g, w, d, s);
    if (lanczos)
        MV__CU_LAUNCH(mv__cu_k_rs_lanczos, blocks, MV__CU_RS_LB, 0, ctx->stream, (float *)d->data,
                      (const float *)s->data, g);
    else if (w->k->interp == MEDVOL_LINEAR)
        MV__CU_LAUNCH(mv__cu_k_rs_gen<2>, blocks, MV__CU_B, 0, ctx->stream, (float *)d->data,
                      (const float *)s->data, g);
    else
        MV__CU_LAUNCH(mv__cu_k_rs_gen<4>, blocks, MV__CU_B, 0, ctx->stream, (float *)d->data,
                      (const float *)s->data, g);
    return mv__cu_launched(ctx, w->k->op);
}
template <class T>
MV__CU_FN mv_status mv__cu_rs_near_words(mv_cuda_ctx *ctx, mv__cu_rs_work *w, const mv_volume *d,
                                         const mv_volume *s) {
    const int m = (int)(mv_dtype_size(d->dtype) / sizeof(T)), straight = w->p->diagonal;
    mv__cu_rs_grid g;
    mv__cu_rs_gen e;
    dim3 blocks;
    mv_status st = mv__cu_rs_blocks(ctx, w->k->op, d->dim, straight ? 64 : 32, straight ? 4 : 8, 1, &blocks);
    if (st < 0) return st;
    mv__cu_rs_grid_of(&g, d, s);
    mv__cu_rs_gen_set(&e, w, d, s);
    if (straight)
        MV__CU_LAUNCH(mv__cu_k_rs_near<T>, blocks, MV__CU_B, 0, ctx->stream, (T *)d->data,
                      (const T *)s->data, g, m, w->ax[0], w->ax[1], w->ax[2], w->fill);
    else
        MV__CU_LAUNCH(mv__cu_k_rs_gen_near<T>, blocks, MV__CU_B, 0, ctx->stream, (T *)d->data,
                      (const T *)s->data, e, m, w->fill);
    return mv__cu_launched(ctx, w->k->op);
}
MV__CU_FN mv_status mv__cu_rs_nearest(mv_cuda_ctx *ctx, mv__cu_rs_work *w, const mv_volume *d,
                                      const mv_volume *s) {
    const size_t bits = (size_t)(uintptr_t)d->data | (size_t)(uintptr_t)s->data | mv_dtype_size(d->dtype);
    switch (mv__cu_sp_unit(bits)) {
        case 1: return mv__cu_rs_near_words<unsigned char>(ctx, w, d, s);
        case 2: return mv__cu_rs_near_words<unsigned short>(ctx, w, d, s);
        case 4: return mv__cu_rs_near_words<unsigned>(ctx, w, d, s);
        default: return mv__cu_rs_near_words<mv__cu_u64>(ctx, w, d, s);
    }
}
/* One volume of three axes */
MV__CU_FN mv_status mv__cu_rs_volume(mv_cuda_ctx *ctx, mv__cu_rs_work *w, const mv_volume *dst,
                                     const mv_volume *src) {
    const char *op = w->k->op;
    mv_volume s = *src, d = *dst;
    double slope, inter;
    mv_status st = MEDVOL_OK;
    mv__cu_vol_scaling(src, &slope, &inter);
    if (w->typed) s = mv__cu_rs_made(w->typed, dst->dtype, src->dim);
    else if (w->copy) s = mv__cu_rs_made(w->copy, MEDVOL_F32, src->dim);
    if (w->typed || (w->copy && !w->smooth)) st = mv__cu_vol_convert(ctx, op, &s, src, slope, inter);
    if (st == MEDVOL_OK && w->k->interp == MEDVOL_NEAREST) return mv__cu_rs_nearest(ctx, w, &d, &s);
    if (w->out) d = mv__cu_rs_made(w->out, MEDVOL_F32, dst->dim);
    if (st == MEDVOL_OK && w->smooth) { /* into the copy, from the f32 form of src */
        mv_volume f = *src;
        if (src->dtype != MEDVOL_F32 || mv__cu_scaled(slope, inter)) {
            f = mv__cu_rs_made(w->turned, MEDVOL_F32, src->dim);
            st = mv__cu_vol_convert(ctx, op, &f, src, slope, inter);
        }
        if (st == MEDVOL_OK) st = mv__cu_rs_passes(ctx, w, w->around, &s, &f);
    }
    if (st == MEDVOL_OK && w->k->interp == MEDVOL_CUBIC) st = mv__cu_rs_filter(ctx, w, src->dim);
    if (st < 0) return st;
    if (!w->p->diagonal) st = mv__cu_rs_matrix_run(ctx, w, &d, &s);
    else if (w->passes) st = mv__cu_rs_passes(ctx, w, w->ax, &d, &s);
    else {
        mv__cu_rs_grid g;
        dim3 blocks;
        if ((st = mv__cu_rs_blocks(ctx, op, d.dim, 64, 4, 1, &blocks)) < 0) return st;
        mv__cu_rs_grid_of(&g, &d, &s);
        MV__CU_LAUNCH(mv__cu_k_rs_linear, blocks, MV__CU_B, 0, ctx->stream, (float *)d.data,
                      (const float *)s.data, g, w->ax[0], w->ax[1], w->ax[2], (float)w->k->value);
        st = mv__cu_launched(ctx, op);
    }
    if (st == MEDVOL_OK && w->out) st = mv__cu_vol_convert(ctx, op, dst, &d, 1.0, 0.0);
    return st;
}
/* What a volume's way needs of the workspace, taken before anything is enqueued */
MV__CU_FN mv_status mv__cu_rs_prepare(mv_cuda_ctx *ctx, mv__cu_rs_work *w, const mv_volume *out,
                                      const mv_volume *src) {
    const mv__cu_rs_plan *p = w->p;
    const int nearest = w->k->interp == MEDVOL_NEAREST, scaled = mv__cu_scaled(src->slope, src->inter);
    const size_t cells = p->n[0] * p->n[1] * p->n[2], in = mv__cu_round(cells * 4),
                 result = mv__cu_round(p->m[0] * p->m[1] * p->m[2] * 4);
    size_t total = 0, wide = 0, typed = 0;
    int r, copy, turned;
    mv_status st;
    copy = !nearest && (src->dtype != MEDVOL_F32 || scaled || w->k->interp == MEDVOL_CUBIC || w->smooth);
    turned = !nearest && ((w->k->interp == MEDVOL_CUBIC && w->filter[0]) || w->smooth);
    if (nearest && out->dtype != src->dtype) typed = mv__cu_round(cells * mv_dtype_size(out->dtype));
    if (w->passes) {
        wide = p->n[0] * p->n[1] * p->m[2];
        if (p->n[0] * p->m[1] * p->m[2] > wide) wide = p->n[0] * p->m[1] * p->m[2];
        if (p->n[0] * p->m[1] * p->n[2] > wide) wide = p->n[0] * p->m[1] * p->n[2];
    }
    if (w->smooth && cells > wide) wide = cells;
    wide = mv__cu_round(wide * 4);
    for (r = 0; r < 3; r++) {
        if (p->diagonal) total += mv__cu_rs_table_bytes(&w->ax[r]);
        if (w->smooth) total += mv__cu_rs_table_bytes(&w->around[r]);
    }
    total += typed + (copy ? in : 0) + (turned ? in : 0) + 2 * wide;
    total += !nearest && out->dtype != MEDVOL_F32 ? result : 0;
    if ((st = mv__cu_room(ctx, w->k->op, total)) < 0) return st;
    if (typed) w->typed = mv__cu_take(ctx, typed);
    if (copy) w->copy = (float *)mv__cu_take(ctx, in);
    if (turned) w->turned = (float *)mv__cu_take(ctx, in);
    if (wide) w->pass[0] = (float *)mv__cu_take(ctx, wide), w->pass[1] = (float *)mv__cu_take(ctx, wide);
    if (!nearest && out->dtype != MEDVOL_F32) w->out = (float *)mv__cu_take(ctx, result);
    for (r = 0; r < 3 && st == MEDVOL_OK; r++) {
        if (p->diagonal) st = mv__cu_rs_table(ctx, w->k, &w->ax[r], 0);
        if (w->smooth && st == MEDVOL_OK) st = mv__cu_rs_table(ctx, w->k, &w->around[r], 1);
    }
    return st;
}
MV__CU_FN mv_status mv__cu_rs_type(mv_cuda_ctx *ctx, const mv__cu_rs_ask *k, const mv_volume *dst,
                                   const mv_volume *src, mv_dtype *type) {
    const int nearest = k->interp == MEDVOL_NEAREST;
    *type = k->dtype != MEDVOL_NONE ? k->dtype : dst->data &&
        dst != src ? dst->dtype : nearest ? src->dtype : MEDVOL_F32;
    if (!mv__cu_is_real(src->dtype) && !nearest)
        return mv__cu_fail(ctx, MEDVOL_E_DTYPE, "src", (double)src->dtype,
                           "%s: src has type %s: only NEAREST takes that", k->op, mv_dtype_name(src->dtype));
    if (*type != src->dtype && !(mv__cu_is_real(*type) && mv__cu_is_real(src->dtype)))
        return mv__cu_fail(ctx, MEDVOL_E_DTYPE, "dtype", (double)*type, "%s: from %s to %s: not defined",
                           k->op, mv_dtype_name(src->dtype), mv_dtype_name(*type));
    if (nearest && !mv__cu_is_real(src->dtype) && k->border == MEDVOL_BORDER_CONSTANT && k->value != 0.0)
        return mv__cu_fail(ctx, MEDVOL_E_DTYPE, "value", k->value, "%s: value = %g: must be 0 for type %s",
                           k->op, k->value, mv_dtype_name(src->dtype));
    return MEDVOL_OK;
}
/* Axes of the straight way, or the smoothing before the other; 1 in *same: every voxel stays on a voxel */
MV__CU_FN mv_status mv__cu_rs_axes(mv_cuda_ctx *ctx, mv__cu_rs_work *w, int *same) {
    const mv__cu_rs_ask *k = w->k;
    const mv__cu_rs_plan *p = w->p;
    int r;
    *same = p->diagonal;
    for (r = 0; r < 3; r++) {
        const double s = p->diagonal && p->m[r] > 1 ? p->t[5 * r] : 1.0;
        const double sigma = mv__cu_rs_sigma(k, p->diagonal && p->m[r] > 1 ? s : mv__cu_rs_step(p->t, r));
        double reach = fabs(p->t[4 * r + 3]);
        int c;
        for (c = 0; c < 3; c++) reach += fabs(p->t[4 * r + c]) * (double)p->m[c];
        if (!(4.0 * sigma < 1e6))
            return mv__cu_fail(ctx, MEDVOL_E_RANGE, "antialias", s,
                               "%s: a step of %g voxels is too large to smooth for", k->op,
                               2.0 * sigma + 1.0);
        if (!(reach < 1073741824.0))
            return mv__cu_fail(ctx, MEDVOL_E_UNSUPPORTED, "m", reach,
                               "%s: positions reach %g voxels: at most 2^30", k->op, reach);
        if (p->diagonal) {
            mv__cu_rs_axis_set(&w->ax[r], mv__cu_rs_taps(k), p->n[r], p->m[r], p->t[4 * r + 3], s, sigma);
            w->passes = w->passes || (w->ax[r].taps > 2 && k->interp != MEDVOL_NEAREST);
            *same = *same && w->ax[r].same;
            w->filter[r] = !w->ax[r].same;
        } else {
            mv__cu_rs_axis_set(&w->around[r], 1, p->n[r], p->n[r], 0.0, 1.0, sigma);
            w->smooth = w->smooth || sigma > 0.0;
            w->filter[r] = 1;
        }
    }
    return MEDVOL_OK;
}
MV__CU_FN mv_status mv__cu_rs_run(mv_cuda_ctx *ctx, const mv__cu_rs_ask *k, const mv__cu_rs_plan *p,
                                  mv_cuda_volume *dst, const mv_cuda_volume *src, const double *affine) {
    mv_cuda_volume out;
    mv__cu_rs_work w;
    mv__cu_u64 element[8];
    size_t dim[7], volumes = 1, i;
    mv_dtype type;
    mv_status st;
    int ndim = src->ndim, d, same;
    if ((st = mv__cu_rs_type(ctx, k, dst, src, &type)) < 0) return st;
    memset(&w, 0, sizeof w);
    w.k = k, w.p = p;
    if ((st = mv__cu_rs_axes(ctx, &w, &same)) < 0) return st;
    for (d = 0; d < 3; d++)
        if (p->m[d] > 1 && ndim <= d) ndim = d + 1;
    for (d = 0; d < ndim; d++) dim[d] = d < 3 ? p->m[d] : src->dim[d];
    for (d = 3; d < ndim; d++) volumes *= dim[d];
    if ((st = mv__cu_out_begin(ctx, k->op, &out, dst, src, type, ndim, dim, 0)) < 0) return st;
    memcpy(out.affine, affine, sizeof out.affine);
    if (!(k->interp == MEDVOL_NEAREST && type == src->dtype)) out.slope = 1.0, out.inter = 0.0;
    if (mv__cu_is_real(type)) {
        st = mv__cu_sp_element(ctx, k->op, element, &out, k->value);
        memcpy(w.fill.v, element, sizeof w.fill.v);
    }
    if (st == MEDVOL_OK && same) { /* every voxel on a voxel: no arithmetic but the type's */
        double slope = 1.0, inter = 0.0;
        if (type != src->dtype || k->interp != MEDVOL_NEAREST) mv__cu_vol_scaling(src, &slope, &inter);
        st = mv__cu_vol_convert(ctx, k->op, &out, src, slope, inter);
    } else if (st == MEDVOL_OK) {
        st = mv__cu_rs_prepare(ctx, &w, &out, src);
        for (i = 0; i < volumes && st == MEDVOL_OK; i++) {
            const mv_volume a = mv__cu_rs_part(&out, i), b = mv__cu_rs_part(src, i);
            st = mv__cu_rs_volume(ctx, &w, &a, &b);
        }
    }
    return mv__cu_out_end(ctx, st, &out, dst);
}
MV__CU_FN mv_status mv__cu_rs_shape(mv_cuda_ctx *ctx, const char *op, const char *name, const size_t *shape,
                                    int axes, size_t *out) {
    int r;
    for (r = 0; r < 3; r++) {
        out[r] = r < axes ? shape[r] : 1;
        if (out[r] == 0 || out[r] > (size_t)1 << 30)
            return mv__cu_fail(ctx, MEDVOL_E_SIZE, name, (double)out[r],
                               "%s: %s[%d] = %zu: must be 1 .. 2^30", op, name, r, out[r]);
    }
    return MEDVOL_OK;
}
MV__CU_FN mv_status mv__cu_rs_begin(mv_cuda_ctx *ctx, mv__cu_rs_ask *k, mv__cu_rs_plan *p, const char *op,
                                    const mv_cuda_volume *dst, const mv_cuda_volume *src,
                                    const mv_resample_opt *opt, int border) {
    mv_status st = mv__cu_vol_check(ctx, op, "src", src);
    if (st < 0) return st;
    if (!dst) return mv__cu_fail_null(ctx, op, "dst");
    if ((st = mv__cu_rs_ask_make(ctx, k, op, opt, border)) < 0) return st;
    return mv__cu_rs_shape(ctx, op, "src dim", src->dim, src->ndim < 3 ? src->ndim : 3, p->n);
}
MV__CU_FN mv_status mv__cu_rs_scaled(mv_cuda_ctx *ctx, mv__cu_rs_ask *k, mv__cu_rs_plan *p,
                                     mv_cuda_volume *dst, const mv_cuda_volume *src, const double *ratio) {
    double affine[12];
    int r;
    mv_affine_identity(p->t);
    p->diagonal = 1;
    for (r = 0; r < 3 && r < src->ndim; r++) {
        const double n = (double)p->n[r], m = (double)p->m[r];
        const int rule = k->grid == MEDVOL_GRID_ALIGN_CORNERS &&
            !(n > 1.0 && m > 1.0) ? (int)MEDVOL_GRID_HALF_PIXEL : k->grid;
        const double s = rule == MEDVOL_GRID_HALF_PIXEL ? n / m : rule == MEDVOL_GRID_ALIGN_CORNERS
            ? (n - 1.0) / (m - 1.0) : ratio[r];
        p->t[5 * r] = s;
        p->t[4 * r + 3] = rule == MEDVOL_GRID_CENTRE ? ((n - 1.0) - mv__cu_sp_times(s, m - 1.0)) / 2.0
                          : rule == MEDVOL_GRID_LOW_EDGE || rule == MEDVOL_GRID_HALF_PIXEL ? (s - 1.0) / 2.0
                                                                                           : 0.0;
    }
    mv_affine_mul(affine, src->affine, p->t);
    return mv__cu_rs_run(ctx, k, p, dst, src, affine);
}
MV__CU_FN mv_status mv__cu_rs_spacing(mv_cuda_ctx *ctx, mv_cuda_volume *dst, const mv_cuda_volume *src,
                                      const double *spacing, const mv_resample_opt *opt) {
    static const char op[] = "resample_spacing";
    mv__cu_rs_ask k;
    mv__cu_rs_plan p;
    double old[3], ratio[3];
    int r;
    mv_status st = mv__cu_rs_begin(ctx, &k, &p, op, dst, src, opt, MEDVOL_BORDER_EDGE);
    if (st < 0) return st;
    if (!spacing) return mv__cu_fail_null(ctx, op, "spacing");
    mv_spacing(src, old);
    for (r = 0; r < 3; r++) {
        const double n = (double)p.n[r];
        double m;
        p.m[r] = p.n[r];
        ratio[r] = 1.0;
        if (r >= src->ndim) continue;
        if (!(spacing[r] > 0.0 && mv__cu_finite(spacing[r])))
            return mv__cu_fail(ctx, MEDVOL_E_RANGE, "spacing", spacing[r],
                               "%s: spacing[%d] = %g: must be above 0 and finite", op, r, spacing[r]);
        if (!(old[r] > 0.0 && mv__cu_finite(old[r])))
            return mv__cu_fail(ctx, MEDVOL_E_SINGULAR, "affine", old[r],
                               "%s: src has spacing %g along axis %d", op, old[r], r);
        ratio[r] = spacing[r] / old[r];
        switch (k.shape) {
            case MEDVOL_SHAPE_CEIL: m = ceil(n / ratio[r] - 1e-6); break;
            case MEDVOL_SHAPE_MONAI: m = rint((n - 1.0) / ratio[r] + 1.0); break;
            case MEDVOL_SHAPE_NIBABEL: m = ceil((n - 1.0) / ratio[r] - 1e-6) + 1.0; break;
            case MEDVOL_SHAPE_FLOOR: m = floor(n / ratio[r] + 1e-6); break;
            default: m = floor(n / ratio[r] + 0.5);
        }
        if (!(ratio[r] > 0.0 && m <= 1073741824.0))
            return mv__cu_fail(ctx, MEDVOL_E_SIZE, "spacing", spacing[r],
                               "%s: spacing[%d] = %g asks for %g voxels: at most 2^30", op, r, spacing[r], m);
        p.m[r] = m < 1.0 ? 1 : (size_t)m;
    }
    return mv__cu_rs_scaled(ctx, &k, &p, dst, src, ratio);
}
MEDVOL_DEF mv_status mv_cuda_resample_spacing(mv_cuda_ctx *ctx, mv_cuda_volume *dst,
                                              const mv_cuda_volume *src, const double *spacing,
                                              const mv_resample_opt *opt) {
    mv_status st = mv__cu_begin(ctx, "resample_spacing");
    return st < 0 ? st : mv__cu_end(ctx, mv__cu_rs_spacing(ctx, dst, src, spacing, opt));
}
MV__CU_FN mv_status mv__cu_rs_to_shape(mv_cuda_ctx *ctx, mv_cuda_volume *dst, const mv_cuda_volume *src,
                                       const size_t *shape, const mv_resample_opt *opt) {
    static const char op[] = "resample_shape";
    mv__cu_rs_ask k;
    mv__cu_rs_plan p;
    double ratio[3];
    int r;
    mv_status st = mv__cu_rs_begin(ctx, &k, &p, op, dst, src, opt, MEDVOL_BORDER_EDGE);
    if (st < 0) return st;
    if (!shape) return mv__cu_fail_null(ctx, op, "shape");
    if ((st = mv__cu_rs_shape(ctx, op, "shape", shape, src->ndim < 3 ? src->ndim : 3, p.m)) < 0) return st;
    for (r = 0; r < 3; r++) ratio[r] = (double)p.n[r] / (double)p.m[r];
    return mv__cu_rs_scaled(ctx, &k, &p, dst, src, ratio);
}
MEDVOL_DEF mv_status mv_cuda_resample_shape(mv_cuda_ctx *ctx, mv_cuda_volume *dst, const mv_cuda_volume *src,
                                            const size_t *shape, const mv_resample_opt *opt) {
    mv_status st = mv__cu_begin(ctx, "resample_shape");
    return st < 0 ? st : mv__cu_end(ctx, mv__cu_rs_to_shape(ctx, dst, src, shape, opt));
}
MV__CU_FN mv_status mv__cu_rs_matrix(mv_cuda_ctx *ctx, const mv__cu_rs_ask *k, mv__cu_rs_plan *p,
                                     mv_cuda_volume *dst, const mv_cuda_volume *src, const double *affine) {
    double inverse[12];
    int r, c;
    for (r = 0; r < 12; r++)
        if (!mv__cu_finite(p->t[r]))
            return mv__cu_fail(ctx, MEDVOL_E_RANGE, "m", p->t[r], "%s: m[%d] = %g: must be finite", k->op, r,
                               p->t[r]);
    if (mv_affine_invert(inverse, p->t) < 0)
        return mv__cu_fail(ctx, MEDVOL_E_SINGULAR, "m", mv_affine_det(p->t),
                           "%s: the matrix has determinant %g", k->op, mv_affine_det(p->t));
    p->diagonal = 1;
    for (r = 0; r < 3; r++)
        for (c = 0; c < 3; c++)
            if (r != c && fabs(p->t[4 * r + c]) * (double)(p->m[c] - 1) > 1e-7) p->diagonal = 0;
    return mv__cu_rs_run(ctx, k, p, dst, src, affine);
}
MV__CU_FN mv_status mv__cu_rs_like(mv_cuda_ctx *ctx, mv_cuda_volume *dst, const mv_cuda_volume *src,
                                   const mv_volume *grid, const mv_resample_opt *opt) {
    static const char op[] = "resample_like";
    mv__cu_rs_ask k;
    mv__cu_rs_plan p;
    double inverse[12], affine[12];
    mv_status st = mv__cu_rs_begin(ctx, &k, &p, op, dst, src, opt, MEDVOL_BORDER_CONSTANT);
    if (st < 0) return st;
    if (!grid) return mv__cu_fail_null(ctx, op, "grid");
    if (!(grid->ndim >= 1 && grid->ndim <= 7))
        return mv__cu_fail(ctx, MEDVOL_E_RANGE, "ndim", grid->ndim, "%s: grid has ndim %d: must be 1..7", op,
                           grid->ndim);
    if ((st = mv__cu_rs_shape(ctx, op, "grid dim", grid->dim, grid->ndim < 3 ? grid->ndim : 3, p.m)) < 0)
        return st;
    if (mv_affine_invert(inverse, src->affine) < 0)
        return mv__cu_fail(ctx, MEDVOL_E_SINGULAR, "affine", mv_affine_det(src->affine),
                           "%s: the affine of src has determinant %g", op, mv_affine_det(src->affine));
    memcpy(affine, grid->affine, sizeof affine);
    mv_affine_mul(p.t, inverse, affine);
    return mv__cu_rs_matrix(ctx, &k, &p, dst, src, affine);
}
MEDVOL_DEF mv_status mv_cuda_resample_like(mv_cuda_ctx *ctx, mv_cuda_volume *dst, const mv_cuda_volume *src,
                                           const mv_volume *grid, const mv_resample_opt *opt) {
    mv_status st = mv__cu_begin(ctx, "resample_like");
    return st < 0 ? st : mv__cu_end(ctx, mv__cu_rs_like(ctx, dst, src, grid, opt));
}
MV__CU_FN mv_status mv__cu_rs_affine(mv_cuda_ctx *ctx, mv_cuda_volume *dst, const mv_cuda_volume *src,
                                     const double *m, const size_t *shape, const mv_resample_opt *opt) {
    static const char op[] = "resample_affine";
    mv__cu_rs_ask k;
    mv__cu_rs_plan p;
    double affine[12];
    mv_status st = mv__cu_rs_begin(ctx, &k, &p, op, dst, src, opt, MEDVOL_BORDER_CONSTANT);
    if (st < 0) return st;
    if (!m || !shape) return mv__cu_fail_null(ctx, op, !m ? "m" : "shape");
    if ((st = mv__cu_rs_shape(ctx, op, "shape", shape, 3, p.m)) < 0) return st;
    memcpy(p.t, m, sizeof p.t);
    mv_affine_mul(affine, src->affine, m);
    return mv__cu_rs_matrix(ctx, &k, &p, dst, src, affine);
}
MEDVOL_DEF mv_status mv_cuda_resample_affine(mv_cuda_ctx *ctx, mv_cuda_volume *dst, const mv_cuda_volume *src,
                                             const double *m, const size_t *shape,
                                             const mv_resample_opt *opt) {
    mv_status st = mv__cu_begin(ctx, "resample_affine");
    return st < 0 ? st : mv__cu_end(ctx, mv__cu_rs_affine(ctx, dst, src, m, shape, opt));
}
/* Arrays: volumes of three axes around them */
MV__CU_FN mv_status mv__cu_rs_wrap(mv_cuda_ctx *ctx, const char *op, mv_volume *d, mv_volume *s, float *dst,
                                   const size_t *dst_shape, const float *src, const size_t *src_shape,
                                   const mv_resample_opt *opt) {
    if (!dst || !src || !dst_shape || !src_shape)
        return mv__cu_fail_null(ctx, op,
                                !dst ? "dst" : !src ? "src" : !dst_shape ? "dst_shape" : "src_shape");
    if (opt && opt->dtype != MEDVOL_NONE && opt->dtype != MEDVOL_F32)
        return mv__cu_fail(ctx, MEDVOL_E_DTYPE, "dtype", (double)opt->dtype, "%s: dtype: arrays are f32", op);
    mv__cu_vol_init(d, MEDVOL_F32, 3, dst_shape, NULL);
    mv__cu_vol_init(s, MEDVOL_F32, 3, src_shape, NULL);
    d->data = dst;
    s->data = (void *)(uintptr_t)src; /* only read */
    return MEDVOL_OK;
}
MEDVOL_DEF mv_status mv_cuda_resample_shape_f32(mv_cuda_ctx *ctx, float *dst, const size_t *dst_shape,
                                                const float *src, const size_t *src_shape,
                                                const mv_resample_opt *opt) {
    mv_volume d, s;
    mv_status st = mv__cu_begin(ctx, "resample_shape_f32");
    if (st < 0) return st;
    st = mv__cu_rs_wrap(ctx, "resample_shape_f32", &d, &s, dst, dst_shape, src, src_shape, opt);
    return mv__cu_end(ctx, st < 0 ? st : mv__cu_rs_to_shape(ctx, &d, &s, dst_shape, opt));
}
MEDVOL_DEF mv_status mv_cuda_resample_affine_f32(mv_cuda_ctx *ctx, float *dst, const size_t *dst_shape,
                                                 const float *src, const size_t *src_shape, const double *m,
                                                 const mv_resample_opt *opt) {
    mv_volume d, s;
    mv_status st = mv__cu_begin(ctx, "resample_affine_f32");
    if (st < 0) return st;
    st = mv__cu_rs_wrap(ctx, "resample_affine_f32", &d, &s, dst, dst_shape, src, src_shape, opt);
    return mv__cu_end(ctx, st < 0 ? st : mv__cu_rs_affine(ctx, &d, &s, m, dst_shape, opt));
}
/* ==== [END] licence ==================================================================================== */
#endif /* MEDVOL_CUDA_IMPLEMENTATION */
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
