/* test_grappa.c - */
#include "test.h"

const t_case tests_grappa[] = {
    {NULL, NULL, 0},
};
