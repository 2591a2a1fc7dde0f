/* test_core.c - context, threads, messages, levels, volumes, affine geometry, conversion. */
#include "test.h"

static void add_index(void *arg, size_t i) { ((size_t *)arg)[i] += i + 1; }
static void test_parallel_for(void) {
    size_t *sum = (size_t *)calloc(1000, sizeof *sum), i;
    CHECK_OK(mv_parallel_for(T, 1000, add_index, sum, NULL));
    for (i = 0; i < 1000; i++) CHECK(sum[i] == i + 1);
    free(sum);
    CHECK_STATUS(mv_parallel_for(T, 1, NULL, NULL, NULL), MEDVOL_E_NULL);
}

const t_case tests_core[] = {
    {"parallel_for", test_parallel_for, 0},
    {NULL, NULL, 0},
};
