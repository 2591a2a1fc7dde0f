/* rows_coils.c - */
#define BENCH_MARK_CALLS
#include "bench.h"

const bench_row rows_coils[] = {
    {0},
};
