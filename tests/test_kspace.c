/* test_kspace.c - */
#include "test.h"

const t_case tests_kspace[] = {
    {NULL, NULL, 0},
};
