/* test_bench.c - the bench's detector of slowdowns (bench/detect.h): known values, stored times, and how
   often it is wrong. */
#include "test.h"
#include "../bench/detect.h"

#define N(a) ((int)(sizeof(a) / sizeof *(a)))
static void test_statistics(void) {
    static const double one[] = {5}, even[] = {4, 1, 3, 2}, odd[] = {9, 1, 2, 100, 3};
    double many[DETECT_MAX + 1] = {0};
    CHECK(detect_median(one, 1) == 5 && detect_median(even, 4) == 2.5 && detect_median(odd, 5) == 3);
    CHECK(detect_mad(one, 1) == 0 && detect_mad(even, 4) == 1 && detect_mad(odd, 5) == 2);
    CHECK(detect_median(one, 0) != detect_median(one, 0) && detect_mad(one, 0) != detect_mad(one, 0));
    CHECK(detect_mann_whitney(many, N(many), one, 1) != 0 && detect_mann_whitney(one, 0, one, 1) != 0);
}
/* against scipy.stats.mannwhitneyu(a, b, alternative="greater", method="asymptotic"), scipy 1.10 */
static void test_mann_whitney(void) {
    static const double a[] = {1.07, 1.12, 1.05, 1.2, 1.11, 1.09, 1.3, 1.08, 1.06, 1.15};
    static const double b[] = {1.0, 1.02, 1.01, 1.1, 0.99, 1.03, 1.04, 1.07, 1.0, 1.05, 1.02};
    static const double c[] = {3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5, 8}, d[] = {2, 7, 1, 8, 2, 8, 1, 8, 2, 8};
    static const double e[] = {1, 2, 3}, same[] = {7, 7, 7, 7};
    CHECK_NEAR(detect_mann_whitney(a, N(a), b, N(b)), 0.000521446622100599, 1e-12);
    CHECK_NEAR(detect_mann_whitney(b, N(b), a, N(a)), 0.9995947761265104, 1e-12);
    CHECK_NEAR(detect_mann_whitney(c, N(c), d, N(d)), 0.5531342946370971, 1e-12); /* ties */
    CHECK_NEAR(detect_mann_whitney(d, N(d), c, N(c)), 0.4733736143686187, 1e-12);
    CHECK_NEAR(detect_mann_whitney(e, 3, e, 3), 0.5902615116112394, 1e-12);
    CHECK(detect_mann_whitney(same, 4, same, 4) == 1);
}
/* Times as a busy machine gives them: a floor, a short tail, and now and then far away. */
static void times(double *t, int n, double scale) {
    int i;
    for (i = 0; i < n; i++) {
        t[i] = scale * (1 + 0.01 * fabs(t_normal()));
        if (t_uniform(0, 1) < 0.1) t[i] *= t_uniform(1, 3);
    }
}
static void test_rates(void) {
    enum { RUNS = 2000, TIMES = 30 };
    double base[TIMES], now[TIMES];
    int k, alarms = 0, caught = 0, slower;
    for (k = 0; k < 2 * RUNS; k++) {
        double scale = k < RUNS ? 1.0 : 1.1;
        times(base, TIMES, 1.0);
        times(now, TIMES, scale);
        slower = detect_compare(base, TIMES, now, TIMES, DETECT_GATE).slower;
        if (slower) {
            times(now, TIMES, scale);
            slower = detect_compare(base, TIMES, now, TIMES, DETECT_GATE).slower;
        }
        if (k < RUNS) alarms += slower;
        else caught += slower;
    }
    CHECK(alarms * 100 <= RUNS); /* at most 1 % */
    CHECK(caught * 100 >= 99 * RUNS);
}
/* mv_stats on 64 x 64 x 64 voxels, in units of the calibration kernel; the same again; with a tenth more
   time; and mv_flip of x on 160 x 160 x 160 where neighbours were busy */
static const double base_times[] = {
    0.024831, 0.031349, 0.03159, 0.030339, 0.0297, 0.031224, 0.034696, 0.030933, 0.031873, 0.031782,
    0.031403, 0.031599, 0.031238, 0.03234, 0.031136, 0.030264, 0.029769, 0.030519, 0.031294, 0.031629,
    0.031665, 0.032345, 0.031653, 0.032074, 0.031356, 0.031978, 0.03131, 0.031978, 0.031691, 0.031812};
static const double same_times[] = {
    0.016969, 0.030428, 0.029001, 0.030313, 0.030787, 0.030632, 0.029575, 0.029059, 0.029683, 0.027967,
    0.027135, 0.03099, 0.031079, 0.030937, 0.029349, 0.031871, 0.031895, 0.031451, 0.029742, 0.031936,
    0.031122, 0.029354, 0.029834, 0.031339, 0.032009, 0.028049, 0.031489, 0.031663, 0.033129, 0.030506};
static const double slow_times[] = {
    0.027844, 0.033258, 0.030832, 0.034681, 0.033351, 0.035087, 0.036275, 0.03535, 0.034787, 0.033883,
    0.033683, 0.035617, 0.034676, 0.035241, 0.035488, 0.035211, 0.035152, 0.033423, 0.033115, 0.033747,
    0.032888, 0.034145, 0.034891, 0.034873, 0.061738, 0.032478, 0.034906, 0.036663, 0.036867, 0.039669};
static const double noisy_times[] = {
    0.1763, 0.56045, 0.55797, 0.50756, 0.54099, 0.61801, 0.54383, 0.49845, 0.49094, 0.55932, 0.56085,
    0.55375, 0.5751, 0.44404, 0.65223, 0.60144, 0.50883, 0.69462, 0.49039, 0.54057, 0.58609, 0.56801,
    0.65771, 0.56579, 0.52097, 0.63078, 0.45737, 0.59491, 0.56993, 0.51898};
static void test_stored(void) {
    double tenth_more[N(noisy_times)];
    detect_result r = detect_compare(base_times, N(base_times), same_times, N(same_times), DETECT_GATE);
    int i;
    CHECK(!r.slower && !r.faster && !r.noisy && r.ratio > 0.95 && r.ratio < 1.05);
    r = detect_compare(base_times, N(base_times), slow_times, N(slow_times), DETECT_GATE);
    CHECK(r.slower && !r.faster && r.ratio > 1.07 && r.ratio < 1.13 && r.p < 1e-6);
    r = detect_compare(slow_times, N(slow_times), base_times, N(base_times), DETECT_GATE);
    CHECK(!r.slower && r.ratio < 0.93);
    r = detect_compare(base_times, N(base_times), slow_times, N(slow_times), 0.25); /* another machine's */
    CHECK(!r.slower && r.limit >= 1.25);
    for (i = 0; i < N(noisy_times); i++) tenth_more[i] = 1.1 * noisy_times[i];
    r = detect_compare(noisy_times, N(noisy_times), tenth_more, N(tenth_more), DETECT_GATE);
    CHECK(!r.slower && r.noisy && r.limit > 1.2); /* 3 MAD of the noise are more than the difference */
}

const t_case tests_bench[] = {
    {"statistics", test_statistics, T_ONCE},
    {"mann_whitney", test_mann_whitney, T_ONCE},
    {"rates", test_rates, T_ONCE},
    {"stored", test_stored, T_ONCE},
    {NULL, NULL, 0},
};
