/* detect.h - has a row become slower? Statistics on two sets of times, plain C99, no state.

   A regression is: the ratio of the medians is over 1 + max(gate, 3 MAD / median), and a one-sided
   Mann-Whitney test says that the new times are the larger ones with p < 0.01. The caller asks again with
   fresh times before it believes it. */
#ifndef DETECT_H
#define DETECT_H
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { DETECT_MAX = 256 }; /* times a set */
#define DETECT_GATE 0.05
#define DETECT_P 0.01

typedef struct detect_result {
    double ratio; /* median of now / median of base */
    double limit; /* what it must exceed: 1 + max(gate, 3 MAD / median of the base) */
    double p;     /* that now is no larger than base */
    int slower, faster;
    int noisy; /* the limit is over twice the gate away: a slowdown below it goes unseen */
} detect_result;

static inline int detect_order(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}
static inline double detect_median(const double *x, int n) {
    double s[2 * DETECT_MAX];
    if (n <= 0 || n > 2 * DETECT_MAX) return NAN;
    memcpy(s, x, (size_t)n * sizeof *s);
    qsort(s, (size_t)n, sizeof *s, detect_order);
    return n % 2 ? s[n / 2] : 0.5 * (s[n / 2 - 1] + s[n / 2]);
}
/* median absolute deviation from the median, not scaled */
static inline double detect_mad(const double *x, int n) {
    double d[2 * DETECT_MAX], m = detect_median(x, n);
    int i;
    if (n <= 0 || n > 2 * DETECT_MAX) return NAN;
    for (i = 0; i < n; i++) d[i] = fabs(x[i] - m);
    return detect_median(d, n);
}
/* Mann & Whitney 1947: the probability, were both from one distribution, of a's ranks being as high as they
   are; normal approximation with correction for ties and continuity (that of scipy.stats.mannwhitneyu(a, b,
   alternative="greater", method="asymptotic")). 1 where nothing differs. */
static inline double detect_mann_whitney(const double *a, int na, const double *b, int nb) {
    struct { double x; int of_a; } all[2 * DETECT_MAX], t;
    double rank_sum = 0.0, ties = 0.0, n = na + nb, u, mean, var;
    int i, j, k;
    if (na <= 0 || nb <= 0 || na > DETECT_MAX || nb > DETECT_MAX) return NAN;
    for (i = 0; i < na + nb; i++) { /* sorted as they come */
        t.x = i < na ? a[i] : b[i - na];
        t.of_a = i < na;
        for (j = i; j > 0 && all[j - 1].x > t.x; j--) all[j] = all[j - 1];
        all[j] = t;
    }
    for (i = 0; i < na + nb; i = j) {
        for (j = i + 1; j < na + nb && all[j].x <= all[i].x;) j++;
        for (k = i; k < j; k++)
            if (all[k].of_a) rank_sum += 0.5 * (i + 1 + j);
        ties += (double)(j - i) * (j - i) * (j - i) - (j - i);
    }
    u = rank_sum - 0.5 * na * (na + 1.0);
    mean = 0.5 * na * (double)nb;
    var = na * (double)nb / 12.0 * (n + 1.0 - ties / (n * (n - 1.0)));
    if (!(var > 0.0)) return 1.0;
    return 0.5 * erfc((u - mean - 0.5) / sqrt(2.0 * var));
}
static inline detect_result detect_compare(
    const double *base, int n_base, const double *now, int n_now, double gate) {
    detect_result r;
    double m = detect_median(base, n_base);
    r.ratio = detect_median(now, n_now) / m;
    r.limit = 1.0 + fmax(gate, 3.0 * detect_mad(base, n_base) / m);
    r.noisy = r.limit > 1.0 + 2.0 * gate;
    r.p = detect_mann_whitney(now, n_now, base, n_base);
    r.slower = r.ratio > r.limit && r.p < DETECT_P;
    r.faster = 1.0 / r.ratio > r.limit && detect_mann_whitney(base, n_base, now, n_now) < DETECT_P;
    return r;
}
#endif
