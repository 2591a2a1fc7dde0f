/* example_cuda.h - what the programs of medvol_cuda.h share beyond example.h: the device, events, errors.
   Include example.h first.

   Every program builds alone beside medvol.h's implementation,
       echo '#include "medvol.h"' | cc -O2 -DMEDVOL_IMPLEMENTATION -I. -x c -c - -o medvol.o
       nvcc -O2 examples/profile_cuda.cu medvol.o -lcufft
   or, as make does, linked to an object that holds the implementation of medvol_cuda.h, too
   (tests/cuda_impl.cu), which may be the emulation on a processor; any C++ compiler will then do:
       c++ -O2 -DMEDVOL_CUDA_LINKED -x c++ examples/profile_cuda.cu -x none build/cuda/impl_cpu.o medvol.o */
#ifndef EXAMPLE_CUDA_H
#define EXAMPLE_CUDA_H
#ifndef MEDVOL_CUDA_LINKED
#  define MEDVOL_CUDA_IMPLEMENTATION
#endif
#include "../medvol_cuda.h"
#if !defined MEDVOL_CUDA_LINKED && defined __CUDACC__
#  include <cuda_profiler_api.h>
#endif

/* ---- the few calls of the CUDA runtime that programs make themselves; 0: it failed ---- */
extern "C" {
extern const int ex_emulated;
typedef struct ex_gpu_about {
    char name[256];
    int processors, major, minor;
    double l2, memory; /* bytes */
} ex_gpu_about;
int ex_gpu_look(ex_gpu_about *about);
void *ex_event_new(void);
void ex_event_free(void *event);
int ex_event_record(void *event, mv_cuda_stream stream);
int ex_event_wait(void *event);
double ex_event_ms(void *from, void *to);
int ex_gpu_copy(void *dst, const void *src, size_t bytes, mv_cuda_stream stream);
void ex_gpu_range(int begins); /* what a profiler shall look at: ncu --profile-from-start off */
const char *ex_gpu_mistake(void); /* that the emulation found at the end of a program, or NULL */
}
#ifndef MEDVOL_CUDA_LINKED
extern "C" {
#  ifdef __CUDACC__
const int ex_emulated = 0;
#  else
const int ex_emulated = 1;
#  endif
int ex_gpu_look(ex_gpu_about *about) {
    cudaDeviceProp p;
    int d = 0;
    memset(about, 0, sizeof *about);
    if (cudaGetDevice(&d) != cudaSuccess || cudaGetDeviceProperties(&p, d) != cudaSuccess) return 0;
    snprintf(about->name, sizeof about->name, "%.200s", p.name);
    about->processors = p.multiProcessorCount;
    about->major = p.major, about->minor = p.minor;
    about->l2 = (double)p.l2CacheSize, about->memory = (double)p.totalGlobalMem;
    return 1;
}
void *ex_event_new(void) {
    cudaEvent_t e = NULL;
    return cudaEventCreate(&e) == cudaSuccess ? (void *)e : NULL;
}
void ex_event_free(void *event) { (void)cudaEventDestroy((cudaEvent_t)event); }
int ex_event_record(void *event, mv_cuda_stream stream) {
    return cudaEventRecord((cudaEvent_t)event, stream) == cudaSuccess;
}
int ex_event_wait(void *event) { return cudaEventSynchronize((cudaEvent_t)event) == cudaSuccess; }
double ex_event_ms(void *from, void *to) {
    float ms = 0.0f;
    return cudaEventElapsedTime(&ms, (cudaEvent_t)from, (cudaEvent_t)to) == cudaSuccess ? (double)ms : -1.0;
}
int ex_gpu_copy(void *dst, const void *src, size_t bytes, mv_cuda_stream stream) {
    return cudaMemcpyAsync(dst, src, bytes, cudaMemcpyDeviceToDevice, stream) == cudaSuccess;
}
void ex_gpu_range(int begins) {
#  ifdef __CUDACC__
    (void)(begins ? cudaProfilerStart() : cudaProfilerStop());
#  else
    (void)begins;
#  endif
}
const char *ex_gpu_mistake(void) {
#  ifdef __CUDACC__
    return NULL;
#  else
    return emu_reports() ? emu_report(0) : emu_leaks() ? "something is not released" : NULL;
#  endif
}
}
#endif

#ifdef EXAMPLE_H
/* ---- as EX_OK, of a call with the context `gpu` ---- */
EX_FN void ex_gpu_ok(ex *e, const mv_cuda_ctx *gpu, mv_status st) {
    const char *text = mv_cuda_message(gpu), *hint = NULL;
    int code = EX_CHECK;
    if (st >= 0) return;
    if (st == MEDVOL_E_NO_DEVICE) code = EX_UNSUPPORTED, hint = "nvidia-smi tells what the driver sees";
    if (st == MEDVOL_E_NOMEM || st == MEDVOL_E_SCRATCH)
        code = EX_MEMORY, hint = "a smaller volume or a coarser spacing needs less memory";
    if (st == MEDVOL_E_UNSUPPORTED || st == MEDVOL_E_DTYPE || st == MEDVOL_E_SIZE) code = EX_UNSUPPORTED;
    if (st == MEDVOL_E_EMPTY || st == MEDVOL_E_SINGULAR) code = EX_NUMERIC;
    if (st == MEDVOL_E_RANGE || st == MEDVOL_E_SHAPE) code = EX_USAGE;
    ex_bar_clear();
    fprintf(stderr, "%s: %s\n", e->program, *text ? text : mv_status_str(st));
    if (hint) fprintf(stderr, "hint: %s\n", hint);
    exit(code);
}
/* The end of a program */
EX_FN void ex_gpu_free(ex *e, mv_cuda_ctx *gpu) {
    mv_cuda_ctx_free(gpu);
    if (ex_gpu_mistake()) ex_quit(e, EX_CHECK, "check failed: %s", ex_gpu_mistake());
}
#endif
#endif /* EXAMPLE_CUDA_H */
