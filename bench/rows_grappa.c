/* rows_grappa.c - */
#define BENCH_MARK_CALLS
#include "bench.h"

const bench_row rows_grappa[] = {
    {0},
};
