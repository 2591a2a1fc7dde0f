/* fourier.h - what libraries of Fourier transforms share. */
#ifndef FOURIER_H
#define FOURIER_H
#include "../bench.h"

/* Is a peer's transform further from ours than so much of the root mean square? */
static inline int peer_differs(const bench *b, double tolerance) {
    const float *p = (const float *)b->out.data, *q = (const float *)b->peer.data;
    const size_t n = bench_bytes(&b->out) / sizeof *p;
    double wrong = 0, sum = 0;
    size_t i;
    for (i = 0; i < n; i++) wrong += pow((double)p[i] - (double)q[i], 2), sum += (double)p[i] * (double)p[i];
    return !(wrong <= tolerance * tolerance * sum);
}
#endif
