/* test_fuzz.c - the fuzzers without an engine: each runs on its seeds and on some thousand mutations of them,
   the same ones every time, so that every platform sees them. FUZZ_RUNS=n: n mutations a target;
   FUZZ_LIST=file: the inputs whose paths stand in that file, one a line, instead (another's corpus). */
#include "fuzz/fuzz.h"

#define X(name) int fuzz_##name(const uint8_t *p, size_t n);
#include "fuzzers.h"
#undef X

enum { SEEDS = 400, LONGEST = 5000 };
static struct {
    uint8_t *p;
    size_t n;
} seed[SEEDS];
static size_t seeds, input_n;
static const uint8_t *input;
static const char *target;

void fz_broken(const char *file, int line, const char *what) { /* nothing can go on: what it holds is lost */
    FILE *f = fopen(t_path("fuzz-broken"), "wb");
    if (f) {
        fwrite(input, 1, input_n, f);
        fclose(f);
    }
    fprintf(stderr, "%s:%d: fuzz/%s: broken: %s; the input is in %s\n", file, line, target, what,
        t_path("fuzz-broken"));
    exit(1);
}
static void keep(void *user, const char *name, const uint8_t *p, size_t n) {
    (void)user;
    (void)name;
    if (seeds == SEEDS) abort();
    seed[seeds].p = (uint8_t *)malloc(n + 1);
    if (!seed[seeds].p) abort();
    memcpy(seed[seeds].p, p, n);
    seed[seeds++].n = n;
}
static void feed(int (*run)(const uint8_t *, size_t), const uint8_t *p, size_t n) {
    uint8_t *copy = (uint8_t *)malloc(n ? n : 1); /* of its exact size, for sanitizers */
    if (!copy) abort();
    memcpy(copy, p, n);
    input = copy, input_n = n;
    run(copy, n);
    free(copy);
}
static size_t mutate(uint8_t *b, size_t n) { /* one change */
    static const uint8_t odd[] = {0, 1, 0x7f, 0x80, 0xff, 0x10, 0xfe, 0x40};
    size_t at = n ? t_bits() % n : 0, k = 1 + t_bits() % 8;
    switch (t_bits() % 8) {
        case 0: case 1: if (n) b[at] ^= (uint8_t)(1u << t_bits() % 8); break;
        case 2: if (n) b[at] = (uint8_t)t_bits(); break;
        case 3: if (n) b[at] = odd[t_bits() % 8]; break;
        case 4: /* cut out */
            if (k > n - at) k = n - at;
            memmove(b + at, b + at + k, n - at - k);
            return n - k;
        case 5: /* double a piece */
            if (k > n - at || n + k > LONGEST) break;
            memmove(b + at + k, b + at, n - at);
            return n + k;
        case 6: return t_bits() % 4 ? n : at; /* the end is missing */
        default: { /* a piece of another */
            size_t other = t_bits() % seeds, from;
            if (seed[other].n == 0) break;
            from = t_bits() % seed[other].n;
            if (k * 4 <= n - at && k * 4 <= seed[other].n - from) memcpy(b + at, seed[other].p + from, k * 4);
        }
    }
    return n;
}
static void from_list(int (*run)(const uint8_t *, size_t), const char *list) {
    static uint8_t b[1 << 20];
    char path[1000];
    FILE *names = fopen(list, "r"), *f;
    long count = 0;
    while (CHECK(names) && fgets(path, sizeof path, names)) {
        path[strcspn(path, "\r\n")] = 0;
        if ((f = fopen(path, "rb")) == NULL) { CHECK(!"an input of the list"); break; }
        feed(run, b, fread(b, 1, sizeof b, f));
        fclose(f);
        count++;
    }
    if (names) fclose(names);
    printf("%s: %ld inputs\n", target, count);
}
static void replay(const char *name, int (*run)(const uint8_t *, size_t)) {
    static uint8_t b[LONGEST + 64];
    const char *runs = getenv("FUZZ_RUNS"), *list = getenv("FUZZ_LIST");
    long i, most = runs ? atol(runs) : strstr("header inflate", name) ? 15000 : 1500; /* two are fast */
    size_t k, n;
    target = name;
    if (list) { from_list(run, list); return; }
    seeds = 0;
    fz_seeds(name, keep, NULL);
    CHECK(seeds > 0);
    for (k = 0; k < seeds; k++) feed(run, seed[k].p, seed[k].n);
    for (i = 0; i < most; i++) {
        k = t_bits() % seeds;
        n = seed[k].n < LONGEST ? seed[k].n : LONGEST;
        memcpy(b, seed[k].p, n);
        for (k = t_bits() % 5 + 1; k > 0; k--) n = mutate(b, n);
        feed(run, b, n);
    }
    for (k = 0; k < seeds; k++) free(seed[k].p);
    mv_level_force(t_level);
}
#define X(name)                                                                                              \
    static void test_##name(void) { replay(#name, fuzz_##name); }
#include "fuzzers.h"
#undef X

#define X(name) {#name, test_##name, T_ONCE},
const t_case tests_fuzz[] = {
#include "fuzzers.h"
    {NULL, NULL, 0},
};
#undef X
