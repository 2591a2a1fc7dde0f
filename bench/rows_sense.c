/* rows_sense.c - */
#define BENCH_MARK_CALLS
#include "bench.h"

const bench_row rows_sense[] = {
    {0},
};
