/* fuzz.h - what the fuzzers share, behind the implementation: a check that stops them, and an allocator that
   counts its blocks, refuses one request and whatever is larger than FUZZ_LARGEST. */
#ifndef FUZZ_H
#define FUZZ_H
#include <string.h>

#define MUST(x) do { if (!(x)) __builtin_trap(); } while (0)
#ifdef FUZZ_LARGEST
static size_t blocks, made, fail_at; /* alive, asked for; the request to refuse, 0: none */
static void *count_alloc(void *user, size_t n) {
    void *p;
    (void)user;
    if (++made == fail_at || n > (size_t)FUZZ_LARGEST) return NULL;
    p = malloc(n);
    if (p) blocks++;
    return p;
}
static void count_free(void *user, void *p) {
    (void)user;
    if (p) blocks--;
    free(p);
}
#endif
#endif
