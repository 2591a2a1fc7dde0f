/* rows_kspace.c - */
#define BENCH_MARK_CALLS
#include "bench.h"

const bench_row rows_kspace[] = {
    {0},
};
