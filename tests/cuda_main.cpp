/* cuda_main.cpp - runs the suites of medvol_cuda.h: PROGRAM [SUITE/PART]: only those whose names hold it;
   PROGRAM --list: these names. In the environment ORDERS=1: of threads (3; of 2 the second is by turns the
   second and the third; on a GPU, where it means runs, 2); SHARE=3: one of three cases of the long loops.
   The last line is "N passed, N failed"; exit 9 where there is no device. */
#include "cuda_test.h"

test_suite *test_suite::first = NULL;
mv_ctx cpu;
mv_cuda_ctx gpu;
char about[256];
unsigned seed = 1;
int order_now;
static int passed, failed;
static char part[128];

void check_at(int ok, const char *what, const char *file, int line) {
    static int told, last;
    if (ok) { passed++; return; }
    failed++;
    if (line != last) last = line, told = 0;
    if (told++ < 4) printf("%s:%d: %s (order %d) %s: %s\n", file, line, part, order_now, about, what);
}
void check_status_at(mv_status got, mv_status want, const char *what, const char *file, int line) {
    char said[512];
    if (got != want)
        snprintf(said, sizeof said, "%s: %d (%s), not %d", what, (int)got, mv_status_str(got), (int)want);
    check_at(got == want, got == want ? "" : said, file, line);
}
void settled_at(mv_status got, mv_status want, const char *file, int line) {
    if (got == MEDVOL_OK) got = mv_cuda_sync(&gpu);
    check_status_at(got, want, mv_cuda_message(&gpu), file, line);
    if (got < 0) check_at(mv_cuda_message(&gpu)[0] != 0, "a message", file, line);
}
static unsigned chance; /* of its own: what is drawn for data stays the same */
int spared(void) {
    static const int share = getenv("SHARE") ? atoi(getenv("SHARE")) : 1;
    chance = chance * 1664525u + 1013904223u;
    return share > 1 && (chance >> 8) % (unsigned)share != 0;
}
void captures(void) { CHECK_STATUS(mv_cuda_capture_begin(&gpu), MEDVOL_OK); }
void captures_not(mv_status want, const char *file, int line) {
    mv_cuda_graph graph;
    char why[384];
    snprintf(why, sizeof why, "%s", mv_cuda_message(&gpu));
    graph.exec = graph.workspace = why;
    check_status_at(mv_cuda_capture_end(&gpu, &graph), want, "the end of the capture", file, line);
    check_at(!graph.exec && !strcmp(why, mv_cuda_message(&gpu)), "no graph, and the message why", file, line);
}
static unsigned long long sum;
void keep(const void *p, size_t n) {
    const unsigned char *b = (const unsigned char *)p;
    size_t i;
    for (i = 0; i < n; i++) sum = (sum ^ b[i]) * 1099511628211ull;
}

void twin_free(twin *t) {
    free(t->block);
    dev_free(t->there);
    memset(t, 0, sizeof *t);
}
void send(twin *t) { CHECK(dev_put(t->there, t->block, t->bytes)); }
void twin_make(twin *t, mv_dtype type, int ndim, const size_t *dim, int layout) {
    const size_t size = mv_dtype_size(type), margin = layout == VIEW ? 3 : 0;
    const size_t half = layout == SHIFTED && (type == MEDVOL_C64 || type == MEDVOL_C128) && dim[0] % 2 ? size / 2 : 0;
    size_t n = 1, at = layout == SHIFTED && !half ? 1 : 0, i;
    ptrdiff_t stride[7];
    memset(t, 0, sizeof *t);
    for (i = 0; i < (size_t)ndim; i++) {
        stride[i] = (ptrdiff_t)n;
        if (margin) at += (1 + i % 2) * n;
        n *= dim[i] + margin;
    }
    t->bytes = (n + (layout == SHIFTED ? 1 : 0)) * size;
    t->block = (unsigned char *)malloc(t->bytes);
    for (i = 0; i < t->bytes; i++) t->block[i] = (unsigned char)draw();
    t->there = (unsigned char *)dev_alloc(t->bytes);
    CHECK(t->there != NULL);
    CHECK_STATUS(mv_volume_wrap(&cpu, &t->host, t->block + at * size + half, type, ndim, dim, stride), MEDVOL_OK);
    CHECK_STATUS(mv_cuda_volume_wrap(&gpu, &t->device, t->there + at * size + half, type, ndim, dim, stride),
                 MEDVOL_OK);
    send(t);
}
void twin_place(twin *t) {
    int r;
    for (r = 0; r < 12; r++) t->host.affine[r] = uniform() * 4 - 2 + (r % 5 == 0 ? 3 : 0);
    for (r = 0; r < 4; r++) t->host.step[r] = uniform() + 0.5;
    if (draw() % 2) t->host.slope = uniform() < 0.5 ? -1.5 : 0.75, t->host.inter = 2.25;
    memcpy(t->device.affine, t->host.affine, sizeof t->host.affine);
    memcpy(t->device.step, t->host.step, sizeof t->host.step);
    t->device.slope = t->host.slope, t->device.inter = t->host.inter;
}

mv_volume afar(mv_dtype type, size_t x, size_t y, size_t z, size_t c, size_t d) {
    static uintptr_t at = 1;
    const size_t dim[5] = {x, y, z, c, d};
    mv_volume v;
    memset(&v, 0, sizeof v);
    CHECK_STATUS(mv_volume_wrap(&cpu, &v, (void *)((at = at % 64 + 1) << 20 << 20), type, 5, dim, NULL), MEDVOL_OK);
    for (v.ndim = 5; v.ndim > 1 && v.dim[v.ndim - 1] == 1;) v.ndim--;
    return v;
}

/* what the emulation has found since it was asked last */
static void ask(void) {
    for (int i = 0; i < emu_reports(); i++) check(0, emu_report(i), __LINE__);
    emu_forget();
}
/* All parts that `only` names, those of suite "last" apart: it wrecks the device. Each in all orders at once: then
   it meets what the context has kept of it. Emulated, a GPU of another size in each order: the same bits. */
static void run_all(const char *only, int last, int orders) {
    const int processors = gpu.processors;
    unsigned long long first = 0;
    int i, k;
    for (const test_suite *s = test_suite::first; s; s = s->next)
        for (i = 0; i < s->n; i++) {
            const int once = last || strcmp(s->name, "once") == 0;
            snprintf(part, sizeof part, "%s/%s", s->name, s->parts[i].name);
            if (!strstr(part, only) || (strcmp(s->name, "last") == 0) != last) continue;
            for (k = 0; k < (once ? 1 : orders); k++) {
                order_now = k && orders == 2 && emulated ? 1 + i % 2 : k;
                emu_order(order_now, 7);
                if (emulated) gpu.processors = order_now == 1 ? 1 : order_now == 2 ? 132 : processors;
                about[0] = 0;
                seed = 1, chance = 5, sum = 1;
                s->parts[i].run();
                (void)mv_cuda_sync(&gpu);
                ask();
                if (order_now == 0) first = sum;
                else check(sum == first, "the same bits in every order", __LINE__);
            }
        }
    order_now = 0;
    emu_order(0, 1);
    gpu.processors = processors;
}
int main(int argc, char **argv) {
    const char *only = argc > 1 ? argv[1] : "";
    const int orders = getenv("ORDERS") ? atoi(getenv("ORDERS")) : emulated ? 3 : 2;
    if (!strcmp(only, "--list")) {
        for (const test_suite *s = test_suite::first; s; s = s->next)
            for (int i = 0; i < s->n; i++) printf("%s/%s\n", s->name, s->parts[i].name);
        return 0;
    }
    mv_status st = mv_cuda_ctx_init(&gpu, NULL);
    if (st == MEDVOL_E_NO_DEVICE) {
        printf("%s\n", mv_cuda_message(&gpu));
        return 9;
    }
    CHECK_STATUS(st, MEDVOL_OK);
    run_all(only, 0, orders);
    snprintf(part, sizeof part, "leaks");
    mv_cuda_ctx_free(&gpu);
    CHECK(emu_leaks() == 0);
    run_all(only, 1, 1);
    ask();
    printf("%d passed, %d failed\n", passed, failed);
    return failed != 0;
}
