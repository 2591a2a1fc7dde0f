/* cuda_impl.cu - medvol_cuda.h's implementation as tests and programs link it, and the few runtime calls of
   cuda_test.h and of example_cuda.h. */
#include "examples/example_cuda.h"

extern "C" {
extern const int emulated;
#ifdef __CUDACC__
const int emulated = 0;
#else
const int emulated = 1;
#endif
void *dev_alloc(size_t bytes) {
    void *p = NULL;
    return cudaMalloc(&p, bytes) == cudaSuccess ? p : NULL;
}
void dev_free(void *p) { (void)cudaFree(p); }
/* contexts' streams do not wait for the default stream, on which these may return before all is there */
static int dev_settled(cudaError_t e) { return e == cudaSuccess && cudaStreamSynchronize(0) == cudaSuccess; }
int dev_put(void *device, const void *host, size_t bytes) {
    return dev_settled(cudaMemcpy(device, host, bytes, cudaMemcpyHostToDevice));
}
int dev_get(void *host, const void *device, size_t bytes) {
    return cudaMemcpy(host, device, bytes, cudaMemcpyDeviceToHost) == cudaSuccess;
}
int dev_set(void *device, int byte, size_t bytes) { return dev_settled(cudaMemset(device, byte, bytes)); }
int dev_error(int forget) { return (int)(forget ? cudaGetLastError() : cudaPeekAtLastError()); }
mv_cuda_stream dev_stream(void) {
    cudaStream_t s = NULL;
    return cudaStreamCreate(&s) == cudaSuccess ? s : NULL;
}
void dev_stream_free(mv_cuda_stream s) { (void)cudaStreamDestroy(s); }
void dev_stream_wait(mv_cuda_stream s) { (void)cudaStreamSynchronize(s); }
int dev_capture(mv_cuda_stream s) { return cudaStreamBeginCapture(s, cudaStreamCaptureModeRelaxed) == cudaSuccess; }
int dev_replay(mv_cuda_stream s) {
    cudaGraph_t g = NULL;
    cudaGraphExec_t x = NULL;
    int ok = cudaStreamEndCapture(s, &g) == cudaSuccess && cudaGraphInstantiateWithFlags(&x, g, 0) == cudaSuccess &&
             cudaGraphLaunch(x, s) == cudaSuccess && cudaStreamSynchronize(s) == cudaSuccess;
    if (x && cudaGraphExecDestroy(x)) ok = 0;
    if (g && cudaGraphDestroy(g)) ok = 0;
    return ok;
}
#ifdef __CUDACC__ /* a GPU has no such controls; tests ask `emulated` first */
void emu_order(int, unsigned) {}
int emu_reports(void) { return 0; }
const char *emu_report(int) { return NULL; }
void emu_forget(void) {}
int emu_check(void) { return 0; }
void emu_profiling(int) {}
void emu_profile(struct emu_counts *) {}
int emu_profile_of(const char *, struct emu_counts *) { return 0; }
int emu_leaks(void) { return 0; }
void emu_reset(void) {}
void emu_fail_alloc(int) {}
int emu_fail_call(int, int) { return 0; }
void emu_limit(size_t) {}
void emu_device(int, int) {}
void emu_raise(int) {}
unsigned long long emu_launches(void) { return 0; }
int emu_pending(void) { return 0; }
unsigned long long emu_waits(void) { return 0; }
#endif
}
