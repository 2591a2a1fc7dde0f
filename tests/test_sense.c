/* test_sense.c - */
#include "test.h"

const t_case tests_sense[] = {
    {NULL, NULL, 0},
};
