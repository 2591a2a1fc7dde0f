/* test_coils.c - */
#include "test.h"

const t_case tests_coils[] = {
    {NULL, NULL, 0},
};
