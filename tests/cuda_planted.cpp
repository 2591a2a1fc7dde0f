/* cuda_planted.cpp: is tests/cuda_cpu.h worth its trust? Kernels with one mistake each, which it must name;
   twins that look like them and are right; mistakes of the host; four kernels of the kind that medvol_cuda.h
   is made of, whose results, sectors and passes are known. Built plain, with fused multiply-adds and with the
   hooks. */
#include "cuda_cpu.h"
#define LAUNCH(k, g, b, sm, st, ...) (emu_named(#k), emu_launch(k, g, b, sm, st, __VA_ARGS__))
#define SHARED(type, name) type &name = *(type *)emu_shared(sizeof(type), __LINE__)
#define DYNAMIC(type, name) type *name = (type *)emu_dynamic()
#define SYNC() emu_sync(__LINE__)
#define SYNCWARP() emu_syncwarp(__LINE__)
#define FULL 0xffffffffu
#define DOWN(v, d) emu_shfl_down(FULL, __LINE__, v, (unsigned)(d))
#define XOR(v, m) emu_shfl_xor(FULL, __LINE__, v, (unsigned)(m))
#define BALLOT(p) emu_ballot(FULL, __LINE__, p)
#if defined __clang__
#define UNROLL _Pragma("unroll")
#else
#define UNROLL _Pragma("GCC unroll 32")
#endif
typedef float f1024[1024];
typedef float f256[256];

static int passed, failed;
static void check(int ok, const char *what) {
    if (ok)
        passed++;
    else {
        failed++;
        printf("FAILED: %s\n", what);
        for (int i = 0; emu_report(i); i++) printf("    %s\n", emu_report(i));
    }
}
static int found(const char *words) {
    for (int i = 0; emu_report(i); i++)
        if (strstr(emu_report(i), words)) return 1;
    return 0;
}
static cudaStream_t stream;
static void begin(int order) {
    emu_reset();
    emu_order(order > 2 ? EMU_SHUFFLED : order, (unsigned)order);
    if (cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking)) check(0, "a stream");
}
static float *device(size_t n, float (*value)(size_t)) { /* NULL: left as it is */
    float *p = NULL, *h = value ? (float *)malloc(n * sizeof *h) : NULL;
    if (cudaMalloc(&p, n * sizeof *p)) check(0, "device memory");
    for (size_t i = 0; h && i < n; i++) h[i] = value(i);
    if (h && cudaMemcpy(p, h, n * sizeof *p, cudaMemcpyHostToDevice)) check(0, "upload");
    free(h);
    return p;
}
static float *host(const float *d, size_t n) {
    float *h = (float *)calloc(n, sizeof *h);
    if (cudaMemcpyAsync(h, d, n * sizeof *h, cudaMemcpyDeviceToHost, stream)) check(0, "download");
    cudaStreamSynchronize(stream);
    return h;
}
static float ramp(size_t i) { return (float)(i % 1013); }
static float wave(size_t i) { return (float)((i * 2654435761u) % 65521u) * (1.0f / 65521.0f); }

/* ---- planted: one mistake each ---- */
static __global__ void k_early_exit(float *p) {
    if (threadIdx.x >= 200) return;
    SYNC();
    p[threadIdx.x] = 1;
}
static __global__ void k_two_barriers(float *p) {
    if (threadIdx.x < 128)
        SYNC();
    else
        SYNC();
    p[threadIdx.x] = 1;
}
static __global__ void k_uninitialised_shared(float *p) {
    SHARED(f256, s);
    if (threadIdx.x != 7) s[threadIdx.x] = 1;
    SYNC();
    p[threadIdx.x] = s[255 - threadIdx.x];
}
static __global__ void k_uninitialised_device(float *p, const float *q) {
    p[threadIdx.x] = q[threadIdx.x] + 1;
}
static __global__ void k_past_the_end(float *p, const float *q) { p[threadIdx.x] = q[threadIdx.x + 1]; }
static __global__ void k_far_past_the_end(float *p, const float *q) {
    p[threadIdx.x] = q[threadIdx.x * 4096];
}
static __global__ void k_past_shared(float *p) {
    SHARED(f256, s);
    s[threadIdx.x + 1] = 1;
    SYNC();
    p[threadIdx.x] = s[threadIdx.x ? threadIdx.x : 1];
}
static __global__ void k_past_dynamic(float *p) {
    DYNAMIC(float, s);
    s[threadIdx.x] = 1;
    SYNC();
    p[threadIdx.x] = s[threadIdx.x];
}
static __global__ void k_static_and_dynamic(float *p) { /* 49 KiB, which nobody has asked for */
    SHARED(f256, s);
    DYNAMIC(float, t);
    s[threadIdx.x] = t[threadIdx.x] = 1;
    p[threadIdx.x] = s[threadIdx.x] + t[threadIdx.x];
}
static __global__ void k_read_after_write(float *p) { /* no barrier between */
    SHARED(f256, s);
    s[threadIdx.x] = (float)threadIdx.x;
    p[threadIdx.x] = s[threadIdx.x ^ 64];
}
static __global__ void k_write_after_read(float *p) { /* the loop's second barrier is missing */
    SHARED(f256, s);
    float sum = 0;
    for (int i = 0; i < 3; i++) {
        s[threadIdx.x] = (float)((int)threadIdx.x + i);
        SYNC();
        sum += s[threadIdx.x ^ 64];
    }
    p[threadIdx.x] = sum;
}
static __global__ void k_write_write(float *p) { p[threadIdx.x >> 1] = 1; }
static __global__ void k_wrong_mask(float *p) { /* lanes 16 to 31 never come */
    float v = (float)threadIdx.x;
    if ((threadIdx.x & 31) < 16) v += emu_shfl_xor(FULL, __LINE__, v, 1);
    p[threadIdx.x] = v;
}
static __global__ void k_lane_outside_mask(float *p) {
    float v = (float)threadIdx.x;
    if ((threadIdx.x & 31) < 16) v += emu_shfl(0x0000ffffu, __LINE__, v, 20);
    p[threadIdx.x] = v;
}
static __global__ void k_no_syncwarp(float *p) {
    SHARED(f256, s);
    s[threadIdx.x] = (float)threadIdx.x;
    p[threadIdx.x] = s[threadIdx.x ^ 1];
}
static __global__ void k_copy(float *p, const float *q) { p[threadIdx.x] = q[threadIdx.x]; }
static __global__ void k_misaligned(float *p, const float *q) {
    float4 v = emu_ld((const float4 *)(const void *)(q + 1 + 4 * threadIdx.x));
    p[threadIdx.x] = v.x + v.w;
}
static __global__ void k_blocks_in_place(float *p, int n) { /* reads what the next block writes */
    int i = (int)(blockIdx.x * blockDim.x + threadIdx.x);
    float v = p[i + 1 < n ? i + 1 : i];
    SYNC();
    p[i] = v;
}
static __global__ void k_own_other_block(float *p, int n) {
    int i = (int)(blockIdx.x * blockDim.x + threadIdx.x);
    p[i] = 1;
    p[n - 1 - i] = 2;
}
/* ---- planted: right, though they look like those ---- */
static __global__ void k_right_syncwarp(float *p) {
    SHARED(f256, s);
    s[threadIdx.x] = (float)threadIdx.x;
    SYNCWARP();
    p[threadIdx.x] = s[threadIdx.x ^ 1];
}
static __global__ void k_right_half_warp(float *p) {
    float v = (float)threadIdx.x;
    unsigned mask = (threadIdx.x & 16) ? 0xffff0000u : 0x0000ffffu;
    for (unsigned d = 8; d; d >>= 1) v += emu_shfl_xor(mask, __LINE__, v, d);
    p[threadIdx.x] = v;
}
static __global__ void k_right_own(float *p) {
    int i = (int)(blockIdx.x * blockDim.x + threadIdx.x);
    p[i] = p[i] * 2 + 1;
}
static __global__ void k_right_bytes(unsigned char *p, int n) { /* four threads a word, in place */
    int i = (int)(blockIdx.x * blockDim.x + threadIdx.x);
    if (i < n) p[i] = (unsigned char)(p[i] + p[i]);
}
static __global__ void k_right_dynamic(float *p) {
    DYNAMIC(float, s);
    s[threadIdx.x] = (float)threadIdx.x;
    SYNC();
    p[threadIdx.x] = s[255 - threadIdx.x];
}
static __global__ void k_right_count(unsigned *bins, const float *x, int n) {
    int i = (int)(blockIdx.x * blockDim.x + threadIdx.x);
    if (i < n) emu_atomic_add(&bins[(int)x[i] & 15], 1u);
}
static __global__ void k_right_vote(float *p) {
    unsigned b = BALLOT(threadIdx.x & 1);
    p[threadIdx.x] = (float)__popc(b) + DOWN(1.0f, 1) + XOR(1.0f, 5);
}

/* found with the hooks alone; in every build; there is nothing to find */
enum { HOOKS, ANY, NONE };
static void planted(const char *name, int when, const char *words, const char *or_words,
                    void (*launch)(void)) {
    for (int order = 0; order < 5; order++) {
        char what[200];
        begin(order);
        launch();
        cudaStreamSynchronize(stream);
        snprintf(what, sizeof what, "planted %s, order %d", name, order);
        if (when == NONE)
            check(emu_reports() == 0 && cudaGetLastError() == cudaSuccess, what);
        else if (when == ANY || emu_check())
            check(found(words) || (or_words && found(or_words)), what);
    }
}
#define PLANTED(name, when, words, or_words, ...)                                                            \
    static void l_##name(void) { __VA_ARGS__ }                                                               \
    static void t_##name(void) { planted(#name, when, words, or_words, l_##name); }
PLANTED(early_exit, ANY, "never reach", "wait at the barrier",
        LAUNCH(k_early_exit, 2, 256, 0, stream, device(256, NULL));)
PLANTED(two_barriers, ANY, "barriers of two places", NULL,
        LAUNCH(k_two_barriers, 1, 256, 0, stream, device(256, NULL));)
PLANTED(uninitialised_shared, HOOKS, "reads shared memory that nobody", NULL,
        LAUNCH(k_uninitialised_shared, 1, 256, 0, stream, device(256, NULL));)
PLANTED(uninitialised_device, HOOKS, "reads device memory that nobody", NULL,
        LAUNCH(k_uninitialised_device, 1, 256, 0, stream, device(256, NULL), device(256, NULL));)
PLANTED(past_the_end, ANY, "out of bounds", NULL,
        LAUNCH(k_past_the_end, 1, 256, 0, stream, device(256, NULL), device(256, ramp));)
PLANTED(past_an_odd_end, HOOKS, "out of bounds", NULL,
        LAUNCH(k_past_the_end, 1, 256, 0, stream, device(256, NULL), device(255, ramp));)
PLANTED(far_past_the_end, ANY, "out of bounds", NULL,
        LAUNCH(k_far_past_the_end, 1, 256, 0, stream, device(256, NULL), device(256, ramp));)
PLANTED(past_shared, HOOKS, "beside the block's shared", NULL,
        LAUNCH(k_past_shared, 1, 256, 0, stream, device(256, NULL));)
PLANTED(past_dynamic, ANY, "shared", NULL, LAUNCH(k_past_dynamic, 1, 256, 800, stream, device(256, NULL));)
PLANTED(static_and_dynamic, ANY, "of static and", NULL,
        LAUNCH(k_static_and_dynamic, 1, 256, 48 << 10, stream, device(256, NULL));)
PLANTED(read_after_write, HOOKS, "race", NULL,
        LAUNCH(k_read_after_write, 1, 256, 0, stream, device(256, NULL));)
PLANTED(write_after_read, HOOKS, "race", NULL,
        LAUNCH(k_write_after_read, 1, 256, 0, stream, device(256, NULL));)
PLANTED(write_write, HOOKS, "race: writes", NULL,
        LAUNCH(k_write_write, 1, 256, 0, stream, device(256, NULL));)
PLANTED(wrong_mask, ANY, "lanes that are not there", "warp waits",
        LAUNCH(k_wrong_mask, 1, 256, 0, stream, device(256, NULL));)
PLANTED(lane_outside_mask, ANY, "not in the mask", NULL,
        LAUNCH(k_lane_outside_mask, 1, 256, 0, stream, device(256, NULL));)
PLANTED(part_of_a_warp, ANY, "lanes that are not there", NULL,
        LAUNCH(k_right_vote, 1, 48, 0, stream, device(256, NULL));)
PLANTED(no_syncwarp, HOOKS, "race", NULL, LAUNCH(k_no_syncwarp, 1, 256, 0, stream, device(256, NULL));)
static float on_host[256];
PLANTED(host_pointer, HOOKS, "reads host memory", NULL,
        LAUNCH(k_copy, 1, 256, 0, stream, device(256, NULL), on_host);)
PLANTED(misaligned, ANY, "misaligned", NULL,
        LAUNCH(k_misaligned, 1, 32, 0, stream, device(256, NULL), device(256, ramp));)
PLANTED(blocks_in_place, HOOKS, "of this launch has", NULL,
        LAUNCH(k_blocks_in_place, 4, 64, 0, stream, device(256, ramp), 256);)
PLANTED(own_other_block, HOOKS, "of this launch has written", NULL,
        LAUNCH(k_own_other_block, 4, 64, 0, stream, device(256, NULL), 256);)
static void freed_launch(void) {
    float *p = device(256, NULL), *q = device(256, ramp);
    cudaFreeAsync(q, stream);
    LAUNCH(k_copy, 1, 256, 0, stream, p, q);
}
PLANTED(use_of_freed, ANY, "freed memory", NULL, freed_launch();)
static float *bytes(size_t n) { /* memory whose last word is not whole */
    float *p = device((n + 3) / 4, ramp);
    return p;
}
PLANTED(right_syncwarp, NONE, "", NULL, LAUNCH(k_right_syncwarp, 1, 256, 0, stream, device(256, NULL));)
PLANTED(right_half_warp, NONE, "", NULL, LAUNCH(k_right_half_warp, 1, 256, 0, stream, device(256, NULL));)
PLANTED(right_own, NONE, "", NULL, LAUNCH(k_right_own, 4, 64, 0, stream, device(256, ramp));)
PLANTED(right_bytes, NONE, "", NULL,
        LAUNCH(k_right_bytes, 3, 33, 0, stream, (unsigned char *)(void *)bytes(97), 97);)
PLANTED(right_dynamic, NONE, "", NULL, LAUNCH(k_right_dynamic, 1, 256, 1024, stream, device(256, NULL));)
PLANTED(right_vote, NONE, "", NULL, LAUNCH(k_right_vote, 1, 64, 0, stream, device(256, NULL));)
static void count_launch(void) {
    unsigned *bins = NULL;
    if (cudaMalloc(&bins, 64)) check(0, "memory");
    cudaMemsetAsync(bins, 0, 64, stream);
    LAUNCH(k_right_count, 4, 256, 0, stream, bins, device(1000, ramp), 1000);
}
PLANTED(right_count, NONE, "", NULL, count_launch();)
static void all_planted(void) {
    t_early_exit(), t_two_barriers(), t_uninitialised_shared(), t_uninitialised_device(), t_past_the_end();
    t_past_an_odd_end(), t_far_past_the_end(), t_past_shared(), t_past_dynamic(), t_read_after_write();
    t_static_and_dynamic();
    t_write_after_read(), t_write_write(), t_wrong_mask(), t_lane_outside_mask(), t_part_of_a_warp(),
        t_no_syncwarp();
    t_host_pointer(), t_misaligned(), t_blocks_in_place(), t_own_other_block(), t_use_of_freed();
    t_right_syncwarp(), t_right_half_warp(), t_right_own(), t_right_bytes(), t_right_dynamic(),
        t_right_vote();
    t_right_count();
}

/* ---- the host's mistakes, and its rights ---- */
static void host_waits(void) {
    float *pinned = NULL, *d;
    begin(0);
    d = device(256, ramp);
    check(!cudaMallocHost(&pinned, 1024), "pinned memory");
    pinned[5] = -1;
    LAUNCH(k_right_own, 1, 256, 0, stream, d);
    cudaMemcpyAsync(pinned, d, 1024, cudaMemcpyDeviceToHost, stream);
    check(pinned[5] == -1, "host: a forgotten wait shows stale data");
    check(emu_pending() == 2 && cudaStreamQuery(stream) == cudaErrorNotReady,
          "host: the stream is not ready");
    check(cudaGetLastError() == cudaErrorNotReady, "host: not ready is the last error");
    cudaStreamSynchronize(stream);
    check(pinned[5] == 11 && cudaStreamQuery(stream) == cudaSuccess, "host: waited, the data are there");
    cudaMemcpyAsync(d, pinned, 1024, cudaMemcpyHostToDevice, stream);
    cudaFreeHost(pinned);
    check(cudaStreamSynchronize(stream) == cudaErrorIllegalAddress && found("pinned memory was freed"),
          "host: pinned memory freed before its copy ran");
    check(cudaGetLastError() == cudaErrorIllegalAddress && cudaFree(d) == cudaErrorIllegalAddress,
          "host: that is sticky");
}
static void host_touches_device(void) {
    float *d;
    begin(0);
    d = device(256, ramp);
    if (!emu_check()) return;
    volatile float *v = d; /* readable with the hooks on, and seen */
    on_host[0] = v[3];
    check(found("the host reads device memory"), "host: a device pointer on the host");
    emu_forget();
    v[3] = 1;
    check(found("the host writes device memory"), "host: a device pointer written on the host");
}
static void host_unwritten(void) {
    static const char words[] = "copied to the host hold some that nobody has written";
    float half[128] = {0};
    begin(0);
    float *d = device(256, NULL);
    check(!cudaMemcpy(d, half, 512, cudaMemcpyHostToDevice) &&
              !cudaMemcpy(on_host, d, 512, cudaMemcpyDeviceToHost) && emu_reports() == 0,
          "host: what was written is copied back");
    check(!cudaMemcpy(on_host, d, 513, cudaMemcpyDeviceToHost) && found(words) == emu_check(),
          "host: a byte that nobody has written is copied back");
    emu_forget();
    check(!cudaMemcpy(device(256, NULL), d, 1024, cudaMemcpyDeviceToDevice) &&
              found("copied to the device hold some that nobody has written") == emu_check(),
          "host: bytes that nobody has written are copied on the device");
    emu_forget();
    emu_stale(d, 1024, stream);
    check(!cudaMemcpyAsync(on_host, d, 4, cudaMemcpyDeviceToHost, stream) && on_host[0] == 0 &&
              emu_pending() == 2,
          "host: memory goes stale in its turn");
    cudaStreamSynchronize(stream);
    check(on_host[0] != on_host[0] && found(words) == emu_check(), "host: stale memory");
    emu_forget();
    LAUNCH(k_right_own, 1, 256, 0, stream, d);
    cudaStreamSynchronize(stream);
    check(found("reads device memory that nobody") == emu_check(), "host: a kernel reads stale memory");
    emu_forget();
}
static void host_overwritten(void) {
    begin(0);
    float *d = device(255, ramp), *e = device(254, ramp);
    LAUNCH(k_own_other_block, 1, 256, 0, stream, d, 256); /* one too far, in the slack of 256 bytes */
    cudaStreamSynchronize(stream);
    cudaFree(d);
    check(found("overwritten") || found("out of bounds"),
          "host: what lies past the end is looked at when freed");
    emu_forget();
    check(cudaMemcpy(e, on_host, 1017, cudaMemcpyHostToDevice) == cudaErrorInvalidValue,
          "host: a copy past the end");
    check(cudaMemcpy(on_host, on_host, 16, cudaMemcpyHostToDevice) == cudaErrorInvalidValue,
          "host: a copy to no device");
    check(cudaFree(e + 1) == cudaErrorInvalidValue && cudaGetLastError() == cudaErrorInvalidValue,
          "host: free of an inner pointer");
    check(cudaFree(e) == cudaSuccess && cudaFree(e) == cudaErrorInvalidValue, "host: free twice");
}
static void host_errors(void) {
    float *d = NULL;
    size_t total = 0, rest = 0;
    begin(0);
    LAUNCH(k_right_own, 1, 1025, 0, stream, d);
    check(cudaPeekAtLastError() == cudaErrorInvalidConfiguration &&
              cudaGetLastError() == cudaErrorInvalidConfiguration && cudaGetLastError() == cudaSuccess,
          "errors: a block too large, told once");
    LAUNCH(k_right_own, dim3(1, 65536), 32, 0, stream, d);
    check(cudaGetLastError() == cudaErrorInvalidConfiguration, "errors: a grid too high");
    LAUNCH(k_right_own, 0, 32, 0, stream, d);
    check(cudaGetLastError() == cudaErrorInvalidConfiguration, "errors: an empty grid");
    LAUNCH(k_right_dynamic, 1, 256, 100000, stream, d);
    check(cudaGetLastError() == cudaErrorInvalidValue, "errors: too much shared memory");
    cudaFuncSetAttribute(k_right_dynamic, cudaFuncAttributeMaxDynamicSharedMemorySize, 100000);
    LAUNCH(k_right_dynamic, 1, 256, 100000, stream, device(256, NULL));
    check(cudaStreamSynchronize(stream) == cudaSuccess && emu_reports() == 0,
          "errors: shared memory asked for");
    emu_fail_alloc(2);
    check(!cudaMalloc(&d, 16) && cudaMalloc(&d, 16) == cudaErrorMemoryAllocation && !d && !cudaMalloc(&d, 16),
          "errors: the second allocation fails");
    emu_limit(1 << 20);
    check(cudaMallocAsync(&d, 1 << 21, stream) == cudaErrorMemoryAllocation, "errors: more than there is");
    check(!cudaMemGetInfo(&rest, &total) && total == 1 << 20 && rest < total, "errors: what is left");
    check(!strcmp(cudaGetErrorName((cudaError_t)700), "cudaErrorIllegalAddress"), "errors: a name");
    emu_raise(719);
    check(cudaMalloc(&d, 16) == 719 && cudaGetLastError() == 719 && cudaGetLastError() == 719,
          "errors: a sticky one stays");
    emu_reset();
    emu_device(0, 13000);
    int n = 7;
    check(cudaGetDeviceCount(&n) == cudaErrorNoDevice && n == 0 && cudaMalloc(&d, 1) == cudaErrorNoDevice,
          "errors: no device");
    emu_device(1, 0);
    check(cudaSetDevice(0) == cudaErrorInsufficientDriver && cudaGetLastError() == 35 &&
              cudaGetLastError() == 35,
          "errors: no driver");
    begin(0);
    check(cudaSetDevice(1) == cudaErrorInvalidDevice && emu_leaks() == 1,
          "errors: one device; the stream is a leak");
    cudaStreamDestroy(stream);
    check(emu_leaks() == 0 && cudaStreamSynchronize(stream) == cudaErrorInvalidResourceHandle,
          "errors: no leak");
}
static void
host_order(void) { /* events order streams; pieces run as far as they are waited for, no further */
    cudaStream_t other = NULL;
    cudaEvent_t e = NULL;
    float *d, *h;
    begin(0);
    check(!cudaStreamCreateWithFlags(&other, cudaStreamNonBlocking) && !cudaEventCreate(&e), "order: made");
    d = device(256, ramp);
    LAUNCH(k_right_own, 1, 256, 0, other, d);
    cudaEventRecord(e, other);
    LAUNCH(k_right_own, 1, 256, 0, other, d);
    check(cudaEventQuery(e) == cudaErrorNotReady, "order: an event that has not come");
    cudaStreamWaitEvent(stream, e, 0);
    h = host(d, 256);
    check(h[3] == 7, "order: the other stream ran up to the event");
    free(h);
    check(cudaEventQuery(e) == cudaSuccess && emu_pending() == 1, "order: and no further");
    cudaDeviceSynchronize();
    h = host(d, 256);
    check(h[3] == 15, "order: all of it");
    free(h);
    cudaStreamDestroy(other), cudaEventDestroy(e), cudaFree(d), cudaStreamDestroy(stream);
    check(emu_leaks() == 0 && emu_reports() == 0, "order: nothing is left");
}
static void host_graph(void) {
    cudaStream_t other = NULL;
    cudaEvent_t fork = NULL, join = NULL;
    cudaGraph_t graph = NULL;
    cudaGraphExec_t exec = NULL;
    cudaStreamCaptureStatus status;
    float *d, *h, *none = NULL;
    begin(0);
    d = device(256, ramp);
    check(!cudaStreamCreateWithFlags(&other, cudaStreamNonBlocking) && !cudaEventCreate(&fork) &&
              !cudaEventCreate(&join) && !cudaStreamBeginCapture(stream, cudaStreamCaptureModeGlobal),
          "graph: begins");
    LAUNCH(k_right_own, 1, 256, 0, stream, d);
    cudaEventRecord(fork, stream);
    cudaStreamWaitEvent(other, fork, 0);
    LAUNCH(k_right_own, 1, 256, 0, other, d);
    cudaEventRecord(join, other);
    cudaStreamWaitEvent(stream, join, 0);
    check(!cudaStreamIsCapturing(other, &status) && status == cudaStreamCaptureStatusActive, "graph: forks");
    check(!cudaStreamEndCapture(stream, &graph) && !cudaGraphInstantiate(&exec, graph, 0) &&
              !cudaGraphDestroy(graph),
          "graph: ends");
    h = host(d, 256);
    check(h[3] == 3, "graph: nothing ran");
    free(h);
    cudaGraphLaunch(exec, stream), cudaGraphLaunch(exec, stream);
    h = host(d, 256);
    check(h[3] == 63, "graph: ran twice");
    free(h);
    cudaStreamBeginCapture(stream, cudaStreamCaptureModeGlobal);
    check(cudaMalloc(&none, 16) == cudaErrorStreamCaptureUnsupported &&
              cudaStreamEndCapture(stream, &graph) == cudaErrorStreamCaptureInvalidated && !graph,
          "graph: no cudaMalloc in a capture");
    cudaMemPool_t pool = NULL;
    unsigned long long keep = 0;
    check(!cudaDeviceGetDefaultMemPool(&pool, 0) &&
              !cudaStreamBeginCapture(stream, cudaStreamCaptureModeGlobal) &&
              cudaMemPoolSetAttribute(pool, cudaMemPoolAttrReleaseThreshold, &keep) ==
                  cudaErrorStreamCaptureUnsupported &&
              cudaStreamEndCapture(stream, &graph) == cudaErrorStreamCaptureInvalidated,
          "graph: nothing is told to a pool in a capture");
    cudaStreamBeginCapture(stream, cudaStreamCaptureModeGlobal);
    check(cudaStreamSynchronize(stream) == cudaErrorStreamCaptureUnsupported &&
              cudaStreamEndCapture(stream, &graph) == cudaErrorStreamCaptureInvalidated,
          "graph: no waiting in a capture");
    cudaStreamBeginCapture(stream, cudaStreamCaptureModeGlobal);
    cudaEventRecord(fork, stream), cudaStreamWaitEvent(other, fork, 0);
    LAUNCH(k_right_own, 1, 256, 0, other, d);
    check(cudaStreamEndCapture(stream, &graph) == cudaErrorStreamCaptureUnjoined,
          "graph: a fork that is not joined");
    check(cudaStreamEndCapture(stream, &graph) == cudaErrorIllegalState, "graph: end without begin");
    cudaGraphExecDestroy(exec), cudaEventDestroy(fork), cudaEventDestroy(join), cudaStreamDestroy(other);
    cudaFree(d), cudaStreamDestroy(stream);
    check(emu_leaks() == 0 && emu_reports() == 0, "graph: nothing is left");
}
/* in relaxed mode too; `waiting`: on a stream that the default stream waits for */
static void host_captured(int waiting) {
    cudaStreamCaptureStatus status = cudaStreamCaptureStatusNone;
    const cudaError_t implicit = waiting ? cudaErrorStreamCaptureImplicit : cudaSuccess;
    cudaGraph_t graph = NULL;
    cudaStream_t s = NULL;
    cudaEvent_t e = NULL;
    float *d;
    for (int k = 0; k < 7; k++) {
        char what[100];
        cudaError_t got = cudaSuccess, want = k < 5    ? implicit
                                              : k == 5 ? cudaErrorCapturedEvent
                                                       : cudaErrorStreamCaptureUnsupported;
        begin(0);
        d = device(256, ramp);
        check(!cudaStreamCreateWithFlags(&s, waiting ? 0 : cudaStreamNonBlocking) && !cudaEventCreate(&e) &&
                  !cudaStreamBeginCapture(s, cudaStreamCaptureModeRelaxed),
              "captured: begins");
        cudaEventRecord(e, s);
        if (k == 0) got = cudaStreamIsCapturing(NULL, &status);
        if (k == 1) got = cudaMemcpy(d, on_host, 4, cudaMemcpyHostToDevice);
        if (k == 2) got = cudaStreamSynchronize(NULL);
        if (k == 3) got = cudaStreamQuery(NULL);
#ifndef EMU_NO_CUFFT
        if (k == 4) {
            cufftHandle plan = 0;
            int n = 8;
            check(!cufftCreate(&plan), "captured: a plan");
            want = (cudaError_t)(waiting ? CUFFT_INTERNAL_ERROR : CUFFT_SUCCESS);
            got = (cudaError_t)cufftMakePlanMany(plan, 1, &n, NULL, 1, 0, NULL, 1, 0, CUFFT_C2C, 1, NULL);
        }
#else
        if (k == 4) want = cudaSuccess;
#endif
        if (k == 5) got = cudaEventSynchronize(e);
        if (k == 6) got = cudaDeviceSynchronize();
        snprintf(what, sizeof what, "captured: %d%s", k, waiting ? ", of a stream that waits" : "");
        check(got == want, what);
        want = k && want ? cudaErrorStreamCaptureInvalidated : cudaSuccess;
        check(cudaStreamEndCapture(s, &graph) == want, what);
    }
}
static void host_pointers(void) {
    cudaPointerAttributes a;
    float *d, *pinned = NULL;
    begin(0);
    emu_device(2, 13000);
    d = device(100, NULL);
    check(!cudaPointerGetAttributes(&a, d + 99) && a.type == cudaMemoryTypeDevice && a.device == 0,
          "pointers: device");
    check(!cudaPointerGetAttributes(&a, on_host) && a.type == cudaMemoryTypeUnregistered, "pointers: host");
    check(!cudaMallocHost(&pinned, 4) && !cudaPointerGetAttributes(&a, pinned) &&
              a.type == cudaMemoryTypeHost,
          "pointers: pinned");
    check(!cudaHostRegister(on_host, sizeof on_host, 0) && !cudaPointerGetAttributes(&a, on_host) &&
              a.type == cudaMemoryTypeHost &&
              cudaHostRegister(on_host, 4, 0) == cudaErrorHostMemoryAlreadyRegistered &&
              !cudaHostUnregister(on_host) && cudaHostUnregister(on_host) == cudaErrorHostMemoryNotRegistered,
          "pointers: registered");
    cudaSetDevice(1);
    LAUNCH(k_right_own, 1, 32, 0, stream, d);
    check(cudaGetLastError() == cudaErrorInvalidResourceHandle, "pointers: a stream of another device");
    cudaEvent_t e = NULL;
    check(!cudaEventCreate(&e) && cudaEventRecord(e, stream) == cudaErrorInvalidResourceHandle &&
              !cudaEventRecord(e, NULL),
          "pointers: an event of another device");
    cudaGetLastError();
    cudaSetDevice(0);
    cudaFuncSetAttribute(k_right_dynamic, cudaFuncAttributeMaxDynamicSharedMemorySize, 100000);
    cudaSetDevice(1);
    LAUNCH(k_right_dynamic, 1, 256, 100000, NULL, d);
    check(cudaGetLastError() == cudaErrorInvalidValue, "pointers: shared memory asked for of another device");
    if (emu_check()) {
        cudaStream_t there = NULL;
        if (!cudaStreamCreate(&there)) LAUNCH(k_write_write, 1, 1, 0, there, d);
        cudaDeviceSynchronize();
        check(found("memory of device 0"), "pointers: memory of another device");
    }
    emu_reset();
    for (int i = 0; i < 30; i++) {
        float *p = NULL;
        if (i == 20) emu_mem.at = EMU_RANGE - 8192; /* the range's end: begins again, between what lives */
        if (cudaMalloc(&p, 5000)) check(0, "memory again and again");
        if (i >= 10 || i % 2) cudaFree(p);
    }
    check(emu_leaks() == 5, "pointers: the range is used again");
}

/* ---- kernels like medvol_cuda.h's ---- */
enum { B = 256, CHUNK = 4096 };
typedef double part[B / 32];
static __device__ __forceinline__ double block_sum(double v, double *sh) { /* valid in thread 0 */
    int lane = (int)threadIdx.x & 31, w = (int)threadIdx.x >> 5, d;
    for (d = 16; d > 0; d >>= 1) v += DOWN(v, d);
    if (lane == 0) sh[w] = v;
    SYNC();
    v = lane < B / 32 ? sh[lane] : 0.0;
    if (w == 0)
        for (d = B / 64; d > 0; d >>= 1) v += DOWN(v, d);
    return v;
}
static __global__ void __launch_bounds__(B, 4) k_sum(double *out, const float *__restrict__ x, int n) {
    SHARED(part, sh);
    int o = (int)blockIdx.x * CHUNK, m = n - o < CHUNK ? n - o : (int)CHUNK, i;
    double s = 0;
    for (i = (int)threadIdx.x * 4; i + 3 < m; i += B * 4) {
        float4 v = emu_ld((const float4 *)(const void *)(x + o + i));
        s += ((double)v.x + (double)v.y) + ((double)v.z + (double)v.w);
    }
    for (i = (m & ~3) + (int)threadIdx.x; i < m; i += B) s += (double)x[o + i];
    s = block_sum(s, sh);
    if (threadIdx.x == 0) out[blockIdx.x] = s;
}
static __global__ void __launch_bounds__(B, 4) k_fold(double *out, const double *in, int m) {
    SHARED(part, sh);
    double s = 0;
    for (int i = (int)threadIdx.x; i < m; i += B) s += in[i];
    s = block_sum(s, sh);
    if (threadIdx.x == 0) *out = s;
}
template <int PAD> struct tile_of { float v[32][32 + PAD]; };
/* y before x: 32 x 32 tiles, 4 rows a thread */
template <int PAD> static __global__ void __launch_bounds__(B, 4)
    k_permute(float *out, const float *__restrict__ in, int nx, int ny) {
    SHARED(tile_of<PAD>, t);
    int x = (int)(blockIdx.x * 32 + threadIdx.x), y = (int)(blockIdx.y * 32 + threadIdx.y), j;
    for (j = 0; j < 32; j += 8)
        if (x < nx && y + j < ny) t.v[(int)threadIdx.y + j][threadIdx.x] = in[(y + j) * nx + x];
    SYNC();
    x = (int)(blockIdx.y * 32 + threadIdx.x), y = (int)(blockIdx.x * 32 + threadIdx.y);
    for (j = 0; j < 32; j += 8)
        if (x < ny && y + j < nx) out[(y + j) * ny + x] = t.v[threadIdx.x][(int)threadIdx.y + j];
}
static __global__ void k_permute_plain(float *out, const float *__restrict__ in, int nx, int ny) {
    int x = (int)(blockIdx.x * 32 + threadIdx.x), y = (int)(blockIdx.y * 8 + threadIdx.y);
    if (x < nx && y < ny) out[x * ny + y] = in[y * nx + x];
}
struct map {
    float m[12];
};
static __device__ __forceinline__ int within(int i, int n) { return i < 0 ? 0 : i < n ? i : n - 1; }
static __global__ void __launch_bounds__(B, 4)
    k_resample(float *out, const float *__restrict__ in, int n, map a) {
    int x = (int)(blockIdx.x * 32 + threadIdx.x), y = (int)(blockIdx.y * 8 + threadIdx.y),
        z = (int)blockIdx.z, k;
    if (x >= n || y >= n) return;
    float p[3], f[3], v[2][2];
    int i[3][2];
    UNROLL
    for (k = 0; k < 3; k++) {
        p[k] = a.m[4 * k] * (float)x + a.m[4 * k + 1] * (float)y + a.m[4 * k + 2] * (float)z + a.m[4 * k + 3];
        f[k] = p[k] - floorf(p[k]);
        i[k][0] = within((int)floorf(p[k]), n), i[k][1] = within((int)floorf(p[k]) + 1, n);
    }
    UNROLL
    for (k = 0; k < 4; k++) {
        const float *row = in + ((long long)i[2][k >> 1] * n + i[1][k & 1]) * n;
        float l = row[i[0][0]], r = row[i[0][1]];
        v[k >> 1][k & 1] = l + f[0] * (r - l);
    }
    v[0][0] += f[1] * (v[0][1] - v[0][0]), v[1][0] += f[1] * (v[1][1] - v[1][0]);
    out[((long long)z * n + y) * n + x] = v[0][0] + f[2] * (v[1][0] - v[0][0]);
}
struct taps {
    float w[9];
};
template <int R> struct planes { float s[(8 + 2 * R) * (32 + 2 * R)], t[8 + 2 * R][32]; };
/* Gaussian in one pass: a plane's tile and halo in shared memory, the planes above and below in registers */
template <int R> static __global__ void __launch_bounds__(B, 4)
    k_gauss(float *out, const float *__restrict__ in, int n, taps a) {
    SHARED(planes<R>, p);
    int tx = (int)threadIdx.x, ty = (int)threadIdx.y, x0 = (int)blockIdx.x * 32, y0 = (int)blockIdx.y * 8, i,
        k, z;
    float ring[2 * R + 1], v;
    UNROLL
    for (k = 0; k <= 2 * R; k++) ring[k] = 0;
    for (z = -R; z < n + R; z++) {
        const float *plane = in + (long long)within(z, n) * n * n;
        for (i = ty * 32 + tx; i < (8 + 2 * R) * (32 + 2 * R); i += B) {
            int ix = within(x0 + i % (32 + 2 * R) - R, n), iy = within(y0 + i / (32 + 2 * R) - R, n);
            p.s[i] = plane[iy * n + ix];
        }
        SYNC();
        for (i = ty; i < 8 + 2 * R; i += 8) {
            v = 0;
            UNROLL
            for (k = 0; k <= 2 * R; k++) v += a.w[k] * p.s[i * (32 + 2 * R) + tx + k];
            p.t[i][tx] = v;
        }
        SYNC();
        v = 0;
        UNROLL
        for (k = 0; k <= 2 * R; k++) v += a.w[k] * p.t[ty + k][tx];
        UNROLL
        for (k = 0; k < 2 * R; k++) ring[k] = ring[k + 1];
        ring[2 * R] = v;
        v = 0;
        UNROLL
        for (k = 0; k <= 2 * R; k++) v += a.w[k] * ring[k];
        if (z >= R && x0 + tx < n && y0 + ty < n) out[((long long)(z - R) * n + y0 + ty) * n + x0 + tx] = v;
    }
}

/* ---- their results, orders, sectors and passes ---- */
static emu_counts counted;
static float *real_sum(int n) {
    float *x = device((size_t)n, wave);
    double *part_sums = NULL, h = 0, want = 0;
    int m = (n + CHUNK - 1) / CHUNK;
    if (cudaMalloc(&part_sums, ((size_t)m + 1) * sizeof *part_sums)) check(0, "memory");
    LAUNCH(k_sum, (unsigned)m, B, 0, stream, part_sums + 1, x, n);
    cudaStreamSynchronize(stream);
    emu_profile(&counted);
    LAUNCH(k_fold, 1, B, 0, stream, part_sums, part_sums + 1, m);
    cudaMemcpyAsync(&h, part_sums, sizeof h, cudaMemcpyDeviceToHost, stream);
    cudaStreamSynchronize(stream);
    for (int i = 0; i < n; i++) want += (double)wave((size_t)i);
    check(fabs(h - want) <= 1e-12 * want + 1e-300, "sum: right");
    float *r = (float *)calloc(2, sizeof *r);
    memcpy(r, &h, sizeof h);
    return r;
}
static float *real_permute(int nx, int ny, int kind) {
    size_t n = (size_t)nx * (size_t)ny;
    float *in = device(n, wave), *out = device(n, NULL);
    dim3 g((unsigned)(nx + 31) / 32, (unsigned)(ny + 31) / 32);
    if (kind == 0)
        LAUNCH(k_permute<1>, g, dim3(32, 8), 0, stream, out, in, nx, ny);
    else if (kind == 1)
        LAUNCH(k_permute<0>, g, dim3(32, 8), 0, stream, out, in, nx, ny);
    else
        LAUNCH(k_permute_plain, dim3(g.x, (unsigned)(ny + 7) / 8), dim3(32, 8), 0, stream, out, in, nx, ny);
    cudaStreamSynchronize(stream);
    emu_profile(&counted);
    float *h = host(out, n);
    int same = 1;
    for (int y = 0; y < ny; y++)
        for (int x = 0; x < nx; x++) same &= h[x * ny + y] == wave((size_t)(y * nx + x));
    check(same, "permute: right");
    return h;
}
static double at(const double *v, int n, int x, int y, int z) {
    return v[((size_t)within(z, n) * (size_t)n + (size_t)within(y, n)) * (size_t)n + (size_t)within(x, n)];
}
static double *as_double(int n) {
    size_t m = (size_t)n * (size_t)n * (size_t)n;
    double *v = (double *)malloc(m * sizeof *v);
    for (size_t i = 0; i < m; i++) v[i] = (double)wave(i);
    return v;
}
static float *real_resample(int n, map a) {
    size_t m = (size_t)n * (size_t)n * (size_t)n;
    float *in = device(m, wave), *out = device(m, NULL);
    double *v = as_double(n), worst = 0;
    LAUNCH(k_resample, dim3((unsigned)(n + 31) / 32, (unsigned)(n + 7) / 8, (unsigned)n), dim3(32, 8), 0,
           stream, out, in, n, a);
    cudaStreamSynchronize(stream);
    emu_profile(&counted);
    float *h = host(out, m);
    for (int z = 0; z < n; z++)
        for (int y = 0; y < n; y++)
            for (int x = 0; x < n; x++) {
                double p[3], s = 0;
                for (int k = 0; k < 3; k++)
                    p[k] = (double)a.m[4 * k] * x + (double)a.m[4 * k + 1] * y + (double)a.m[4 * k + 2] * z +
                           (double)a.m[4 * k + 3];
                for (int c = 0; c < 8; c++) {
                    double w = 1;
                    int i[3];
                    for (int k = 0; k < 3; k++) {
                        double f = p[k] - floor(p[k]);
                        i[k] = (int)floor(p[k]) + (c >> k & 1), w *= c >> k & 1 ? f : 1 - f;
                    }
                    s += w * at(v, n, i[0], i[1], i[2]);
                }
                worst = fmax(
                    worst, fabs(s - (double)h[((size_t)z * (size_t)n + (size_t)y) * (size_t)n + (size_t)x]));
            }
    check(worst < 2e-5, "resample: right");
    free(v);
    return h;
}
template <int R> static float *real_gauss(int n) {
    size_t m = (size_t)n * (size_t)n * (size_t)n;
    float *in = device(m, wave), *out = device(m, NULL);
    double *v = as_double(n), *t = (double *)malloc(m * sizeof *t), worst = 0, sum = 0;
    taps a;
    memset(&a, 0, sizeof a);
    for (int k = 0; k <= 2 * R; k++) sum += exp(-(double)((k - R) * (k - R)) / (0.5 * R * R));
    for (int k = 0; k <= 2 * R; k++)
        a.w[k] = (float)(exp(-(double)((k - R) * (k - R)) / (0.5 * R * R)) / sum);
    LAUNCH(k_gauss<R>, dim3((unsigned)(n + 31) / 32, (unsigned)(n + 7) / 8), dim3(32, 8), 0, stream, out, in,
           n, a);
    cudaStreamSynchronize(stream);
    emu_profile(&counted);
    float *h = host(out, m);
    for (int axis = 0; axis < 3; axis++) {
        for (int z = 0; z < n; z++)
            for (int y = 0; y < n; y++)
                for (int x = 0; x < n; x++) {
                    double s = 0;
                    for (int k = -R; k <= R; k++)
                        s += (double)a.w[k + R] *
                             at(v, n, x + k * (axis == 0), y + k * (axis == 1), z + k * (axis == 2));
                    t[((size_t)z * (size_t)n + (size_t)y) * (size_t)n + (size_t)x] = s;
                }
        double *swap = v;
        v = t, t = swap;
    }
    for (size_t i = 0; i < m; i++) worst = fmax(worst, fabs(v[i] - (double)h[i]));
    check(worst < 1e-6, "gauss: right");
    free(v), free(t);
    return h;
}
static map turned(double degrees) { /* about z, with a shift */
    float c = (float)cos(degrees * 3.14159265358979 / 180), s = (float)sin(degrees * 3.14159265358979 / 180);
    map a = {{c, -s, 0, 0.25f, s, c, 0, 0.5f, 0, 0, 1, 0.125f}};
    return a;
}
static float *real(int which, int n) {
    return which == 0   ? real_sum(n * n * 7 + 1)
           : which == 1 ? real_permute(n, n + 3, 0)
           : which == 2 ? real_permute(n, n + 3, 1)
           : which == 3 ? real_resample(n, turned(15))
           : which == 4 ? real_gauss<2>(n)
                        : real_gauss<4>(n);
}
static size_t real_size(int which, int n) {
    return which == 0 ? 2 : which < 3 ? (size_t)n * (size_t)(n + 3) : (size_t)n * (size_t)n * (size_t)n;
}
static void real_orders(void) {
    static const int sizes[5] = {1, 5, 31, 33, 45};
    for (int which = 0; which < 6; which++)
        for (int k = 0; k < 5; k++) {
            float *first = NULL;
            for (int order = 0; order < (emu_check() ? 3 : 8); order++) {
                begin(order);
                float *h = real(which, sizes[k]);
                check(emu_reports() == 0 && cudaGetLastError() == cudaSuccess, "kernels: nothing found");
                if (!first)
                    first = h;
                else {
                    check(!memcmp(first, h, real_size(which, sizes[k]) * sizeof *h),
                          "kernels: the same bits in any order");
                    free(h);
                }
            }
            free(first);
        }
}
static double ratio(emu_u64 a, emu_u64 b) { return b ? (double)a / (double)b : 0; }
static void real_profile(void) {
    int verbose = getenv("EMU_VERBOSE") != NULL;
    map swapped = {{0, 1, 0, 0, 1, 0, 0, 0, 0, 0, 1, 0}};
    if (!emu_check()) return;
#define PROFILE(call)                                                                                        \
    begin(0), emu_profiling(1), free(call);                                                                  \
    if (verbose)                                                                                             \
    printf("%-36s %5.2f sectors a load, %5.2f a store, %5.2f passes, %.2f M accesses\n", #call,              \
           ratio(counted.load_sectors, counted.load_requests),                                               \
           ratio(counted.store_sectors, counted.store_requests),                                             \
           ratio(counted.shared_passes, counted.shared_requests), 1e-6 * (double)counted.accesses)
    PROFILE(real_sum(1 << 16));
    check(counted.load_sectors * 32 == counted.load_bytes && counted.load_requests == (1 << 16) / 128,
          "profile: sum reads 16 bytes a lane");
    check(counted.shared_passes == counted.shared_requests, "profile: sum, shared memory");
    PROFILE(real_permute(64, 64, 0));
    check(counted.load_sectors * 32 == counted.load_bytes &&
              counted.store_sectors * 32 == counted.store_bytes,
          "profile: permute, sectors");
    check(counted.shared_passes == counted.shared_requests && counted.shared_requests == 256,
          "profile: padded tile, 1 pass");
    PROFILE(real_permute(64, 64, 1));
    check(counted.shared_passes == 128 * 33, "profile: unpadded tile, 32 passes a read");
    PROFILE(real_permute(64, 64, 2));
    check(counted.store_sectors == 32 * counted.store_requests,
          "profile: without a tile, 32 sectors a store");
    PROFILE(real_resample(64, turned(0)));
    check(ratio(counted.load_sectors, counted.load_requests) < 4.6, "profile: resample along x");
    PROFILE(real_resample(64, turned(15)));
    double at15 = ratio(counted.load_sectors, counted.load_requests);
    check(at15 > 7 && at15 < 12, "profile: resample at 15 degrees");
    PROFILE(real_resample(64, swapped));
    check(ratio(counted.load_sectors, counted.load_requests) > 31, "profile: resample with axes swapped");
    PROFILE(real_gauss<4>(64));
    check(ratio(counted.shared_passes, counted.shared_requests) <= 1.05, "profile: gauss, shared memory");
    check(counted.store_sectors * 32 == counted.store_bytes && counted.barriers == 2 * 72 * counted.blocks,
          "profile: gauss, stores");
    check(ratio(counted.load_sectors * 32, counted.load_bytes) < 1.6,
          "profile: gauss, sectors of tile and halo");
}

/* ---- cuFFT's stand-in against the sum itself ---- */
#ifndef EMU_NO_CUFFT
static const double TURN = 6.283185307179586;
/* frequency k of nx * ny points, each `step` floats from the last */
static void dft(double *re, double *im, const float *x, int nx, int ny, int step, int complex_, int kx,
                int ky, int sign) {
    *re = *im = 0;
    for (int y = 0; y < ny; y++)
        for (int i = 0; i < nx; i++) {
            double t = sign * TURN * ((double)(kx * i) / nx + (double)(ky * y) / ny), c = cos(t), s = sin(t);
            const float *v = x + (y * nx + i) * step;
            double a = (double)v[0], b = complex_ ? (double)v[1] : 0;
            *re += a * c - b * s, *im += a * s + b * c;
        }
}
static void fft_complex(int strided) { /* 2 of 5 x 4; strided: the two lie within each other */
    long long n[2] = {4, 5}, embed[2] = {4, 5};
    cufftHandle plan = 0;
    size_t work = 0;
    double worst = 0, re, im;
    begin(0);
    float *in = device(80, wave), *out = device(80, NULL);
    char *area = NULL;
    check(!cufftCreate(&plan) && !cufftSetAutoAllocation(plan, 0) &&
              !cufftMakePlanMany64(plan, 2, n, embed, strided ? 2 : 1, strided ? 1 : 20, embed,
                                   strided ? 2 : 1, strided ? 1 : 20, CUFFT_C2C, 2, &work),
          "fft: a plan");
    cufftSetStream(plan, stream);
    check(cufftExecC2C(plan, (float2 *)(void *)in, (float2 *)(void *)out, CUFFT_FORWARD) ==
              CUFFT_NO_WORKSPACE,
          "fft: no work area");
    check(!cudaMalloc(&area, work) && !cufftSetWorkArea(plan, area) &&
              !cufftExecC2C(plan, (float2 *)(void *)in, (float2 *)(void *)out, CUFFT_FORWARD),
          "fft: queued");
    float *h = host(out, 80), *x = host(in, 80);
    for (int b = 0; b < 2; b++)
        for (int k = 0; k < 20; k++) {
            int step = strided ? 4 : 2, first = b * (strided ? 2 : 40);
            dft(&re, &im, x + first, 5, 4, step, 1, k % 5, k / 5, -1);
            worst = fmax(worst,
                         fabs(re - (double)h[first + k * step]) + fabs(im - (double)h[first + k * step + 1]));
        }
    check(worst < 1e-4, strided ? "fft: complex, strided" : "fft: complex");
    free(h), free(x);
    cufftExecC2C(plan, (float2 *)(void *)out, (float2 *)(void *)in, CUFFT_INVERSE);
    h = host(in, 80), worst = 0;
    for (size_t i = 0; i < 80; i++) worst = fmax(worst, fabs((double)h[i] / 20 - (double)wave(i)));
    check(worst < 1e-5 && emu_reports() == 0, "fft: back, not normalised");
    free(h);
    cufftDestroy(plan), cudaFree(area), cudaFree(in), cudaFree(out), cudaStreamDestroy(stream);
    check(emu_leaks() == 0, "fft: nothing is left");
}
static void fft_real(int in_place) { /* 2 of 6 x 5 */
    int n[2] = {5, 6};
    cufftHandle forward = 0, back = 0;
    double worst = 0, re, im;
    begin(0);
    float *in = device(in_place ? 80 : 60, in_place ? NULL : wave), *out = in_place ? in : device(80, NULL),
          row[80];
    for (int i = 0; i < 80; i++) row[i] = i % 8 < 6 ? wave((size_t)(i / 8 * 6 + i % 8)) : 0;
    if (in_place) cudaMemcpy(in, row, sizeof row, cudaMemcpyHostToDevice);
    check(!cufftCreate(&forward) && !cufftCreate(&back) &&
              !cufftMakePlanMany(forward, 2, n, NULL, 1, 0, NULL, 1, 0, CUFFT_R2C, 2, NULL) &&
              !cufftMakePlanMany(back, 2, n, NULL, 1, 0, NULL, 1, 0, CUFFT_C2R, 2, NULL),
          "fft: plans of reals");
    cufftSetStream(forward, stream), cufftSetStream(back, stream);
    cufftExecR2C(forward, in, (float2 *)(void *)out);
    float *h = host(out, 80), *packed = (float *)calloc(60, 4);
    for (int i = 0; i < 60; i++) packed[i] = wave((size_t)i);
    for (int b = 0; b < 2; b++)
        for (int k = 0; k < 20; k++) {
            dft(&re, &im, packed + 30 * b, 6, 5, 1, 0, k % 4, k / 4, -1);
            worst =
                fmax(worst, fabs(re - (double)h[b * 40 + 2 * k]) + fabs(im - (double)h[b * 40 + 2 * k + 1]));
        }
    check(worst < 1e-4, in_place ? "fft: reals in place" : "fft: reals");
    free(h), worst = 0;
    cufftExecC2R(back, (float2 *)(void *)out, in);
    h = host(in, in_place ? 80 : 60);
    for (int i = 0; i < 60; i++)
        worst = fmax(worst, fabs((double)h[in_place ? i / 6 * 8 + i % 6 : i] / 30 - (double)packed[i]));
    check(worst < 1e-5 && emu_reports() == 0, "fft: reals and back");
    free(h), free(packed);
    h = host(out, 80);
    check(in_place || h[17] != h[17], "fft: the way back to reals overwrites its input");
    free(h);
    if (emu_check() && !in_place) {
        cufftExecR2C(forward, device(60, NULL), (float2 *)(void *)out);
        cudaStreamSynchronize(stream);
        check(found("cuFFT reads memory that nobody has written"), "fft: reads what nobody has written");
    }
    emu_forget();
    cufftExecR2C(forward, in + (in_place ? 40 : 30), (float2 *)(void *)out);
    check(cudaStreamSynchronize(stream) == cudaErrorIllegalAddress && found("out of bounds"),
          "fft: out of bounds");
}
static void fft_all(void) {
    fft_complex(0), fft_complex(1), fft_real(0), fft_real(1);
    cufftHandle plan = 0;
    int n = 8;
    begin(0);
    emu_device(2, 13000);
    float2 *d = (float2 *)(void *)device(16, wave);
    check(!cufftCreate(&plan) &&
              !cufftMakePlanMany(plan, 1, &n, NULL, 1, 0, NULL, 1, 0, CUFFT_C2C, 1, NULL) &&
              !cufftSetStream(plan, stream) && !cudaSetDevice(1) &&
              cufftExecC2C(plan, d, d, CUFFT_FORWARD) == CUFFT_EXEC_FAILED && !cudaSetDevice(0) &&
              !cufftExecC2C(plan, d, d, CUFFT_FORWARD),
          "fft: a plan of another device than the current one");
    emu_reset();
    emu_device(0, 13000);
    check(cufftCreate(&plan) == CUFFT_INTERNAL_ERROR, "fft: no device");
}
#else
static void fft_all(void) {}
#endif

/* blocks of 256 threads a second */
static double seconds(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}
static void real_speed(void) {
    const char *const name[5] = {"own element", "sum", "permute", "resample", "gauss 4"};
    for (int k = 0; k < 5; k++) {
        int n = 96;
        size_t m = (size_t)n * (size_t)n * (size_t)n;
        begin(0);
        float *in = device(m, wave), *out = device(m, NULL);
        double *sums = NULL, t;
        taps a = {{0, 0, 0, 0, 1, 0, 0, 0, 0}};
        emu_counts c;
        if (cudaMalloc(&sums, 10000)) return;
        dim3 g(3, 12, 96);
        if (k == 0)
            LAUNCH(k_right_own, 3456, B, 0, stream, in);
        else if (k == 1)
            LAUNCH(k_sum, 216, B, 0, stream, sums, in, n * n * n);
        else if (k == 2)
            LAUNCH(k_permute<1>, dim3(3, 288), dim3(32, 8), 0, stream, out, in, 96, 96 * 96);
        else if (k == 3)
            LAUNCH(k_resample, g, dim3(32, 8), 0, stream, out, in, n, turned(15));
        else
            LAUNCH(k_gauss<4>, dim3(3, 12), dim3(32, 8), 0, stream, out, in, n, a);
        t = seconds();
        cudaStreamSynchronize(stream);
        t = seconds() - t;
        emu_profile(&c);
        printf("%-12s %8.0f blocks/s, %6.1f ns a thread, %5.1f Mvoxel/s\n", name[k], (double)c.blocks / t,
               1e9 * t / (double)c.threads, 1e-6 * (double)m / t);
    }
}
int main(void) {
    all_planted();
    host_waits();
    host_touches_device();
    host_unwritten();
    host_overwritten();
    host_errors();
    host_order();
    host_graph();
    host_captured(0), host_captured(1);
    host_pointers();
    real_orders();
    real_profile();
    fft_all();
    emu_reset();
    if (getenv("EMU_VERBOSE")) real_speed();
    printf("%d passed, %d failed\n", passed, failed);
    return failed != 0;
}
