/* test_linalg_limits.c - iterations that end without a result, as none does that is known: a static copy of
   the section that is given no steps. */
#define MEDVOL_STATIC
#define MEDVOL_IMPLEMENTATION
#undef MEDVOL_MAX_LEVEL
#define MEDVOL_MAX_LEVEL 1
#define MEDVOL_NO_GZIP
#define MEDVOL_NO_IO
#define MEDVOL_NO_INTENSITY
#define MEDVOL_NO_SPATIAL
#define MEDVOL_NO_RESAMPLE
#define MEDVOL_NO_FFT
#define MEDVOL_NO_KSPACE
#define MEDVOL_NO_COILS
#define MEDVOL_NO_GRAPPA
#define MEDVOL_NO_SENSE
#define MEDVOL_NO_TRAJECTORY
#define MEDVOL_NO_NUFFT
#define MEDVOL_NO_ITERATE
#define MEDVOL_NO_FILTER
#define MEDVOL_NO_FIELD
#define MEDVOL_NO_MEASURE
#define MEDVOL_NO_STATS
#define MEDVOL_NO_REGISTER
#define MEDVOL_NO_FLOW
#define MEDVOL_NO_NEAREST
#define MEDVOL_NO_LANDMARK
#define MEDVOL_NO_LAYER
#define MEDVOL_NO_CACHE
#define MEDVOL_NO_TRANSPORT
#define MV__LA_STEPS 0
#define MV__LA_ROUNDS 1
#include "test.h"

static void test_refused(void) { /* by name, outputs as they were */
    static const double a[9] = {1, 2, 3, 2, 5, 6, 3, 6, 4};
    double w[3] = {7, 7, 7}, v[9] = {7}, u[9] = {7};
    CHECK_STATUS(mv_eigh_f64(T, w, v, 3, a, 3, 3), MEDVOL_E_CONVERGENCE);
    CHECK(w[0] == 7 && v[0] == 7 && strstr(mv_message(T), "eigh_f64: no convergence within 0 steps"));
    CHECK_STATUS(mv_svd_f64(T, u, 3, w, v, 3, a, 3, 3, 3), MEDVOL_E_CONVERGENCE);
    CHECK(w[0] == 7 && v[0] == 7 && u[0] == 7);
    CHECK(strstr(mv_message(T), "svd_f64: no convergence within 1 sweeps"));
    CHECK(strcmp(mv_status_str(MEDVOL_E_CONVERGENCE), "the iteration did not converge") == 0);
}
static void test_enough(void) { /* a diagonal needs none */
    static const double a[4] = {3, 0, 0, -2};
    double w[2] = {0}, s[2] = {0}, u[4] = {0};
    CHECK_OK(mv_eigh_f64(T, w, NULL, 0, a, 2, 2));
    CHECK(w[0] == -2 && w[1] == 3);
    CHECK_OK(mv_svd_f64(T, u, 2, s, NULL, 0, a, 2, 2, 2));
    CHECK(s[0] == 3 && s[1] == 2);
}

const t_case tests_linalg_limits[] = {
    {"refused", test_refused, T_ONCE},
    {"enough", test_enough, T_ONCE},
    {NULL, NULL, 0},
};
