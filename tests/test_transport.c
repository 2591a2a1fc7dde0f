/* test_transport.c - stopping and scattering of protons, depth marching, against PSTAR, closed forms,
   balances and integrals in double. */
#include "test.h"

static const double energies[17] = {1, 2, 5, 10, 20, 30, 50, 60, 70, 80, 100, 125, 150, 175, 200, 225, 250};
/* PSTAR, water: MeV cm2/g and g/cm2 */
static const double powers[17] = {260.8, 158.6, 79.11, 45.67, 26.07, 18.76, 12.45, 10.78, 9.559,
                                  8.625, 7.289, 6.192, 5.445, 4.903, 4.492, 4.170, 3.911};
static const double ranges[17] = {.002458, .007555, .03623, .1230, .4260, .8853, 2.227, 3.093, 4.080,
                                  5.184, 7.718, 11.46, 15.77, 20.62, 25.96, 31.74, 37.94};
static mv_stopping water;
static void begin(void) { CHECK_OK(mv_stopping_init(T, &water, NULL)); }
static double range_of(double e) {
    double r = 0;
    CHECK_OK(mv_stopping_range(T, &r, &water, &e, 1));
    return r;
}
static double energy_of(double r) {
    double e = 0;
    CHECK_OK(mv_stopping_energy(T, &e, &water, &r, 1));
    return e;
}
static void tables(void) {
    /* energy left behind z mm of water */
    static const double left[][3] = {
        {70, 5, 65.08},    {70, 10, 59.86},   {70, 20, 48.15},   {70, 30, 33.49},   {70, 35, 23.74},
        {70, 38, 15.84},   {70, 40, 7.86},    {100, 20, 84.51},  {100, 40, 66.46},  {100, 60, 43.30},
        {100, 70, 26.71},  {100, 75, 13.76},  {150, 50, 120.73}, {150, 100, 84.98}, {150, 140, 44.09},
        {150, 150, 27.86}, {150, 155, 15.66}, {200, 100, 151.0}, {200, 200, 86.49}, {200, 250, 31.35},
        {200, 255, 20.84}};
    static const double exact[][3] = {{70, 0, 0.9611},    {70, 10, 1.0876},  {70, 30, 1.7531},
                                      {70, 39, 4.5284},   {70, 40, 7.8552},  {150, 0, 0.5452},
                                      {150, 100, 0.8268}, {150, 157, 7.5377}};
    double s[17], r[17], e[17];
    size_t i;
    begin();
    CHECK_OK(mv_stopping_power(T, s, &water, energies, 17));
    CHECK_OK(mv_stopping_range(T, r, &water, energies, 17));
    CHECK_OK(mv_stopping_energy(T, e, &water, r, 17));
    for (i = 0; i < 17; i++) {
        CHECK_NEAR(s[i], powers[i], 1e-9 * powers[i]);
        CHECK_NEAR(r[i], ranges[i], 5.1e-4 * ranges[i]);
        CHECK_NEAR(e[i], energies[i], 1e-6 * energies[i]);
    }
    CHECK_NEAR(r[8], 4.0801, 1e-4);
    CHECK_NEAR(r[12], 15.7746, 2e-4);
    CHECK_NEAR(r[14], 25.9587, 3e-4);
    for (i = 0; i < sizeof left / sizeof *left; i++)
        CHECK_NEAR(energy_of(range_of(left[i][0]) - 0.1 * left[i][1]), left[i][2], 0.05);
    for (i = 0; i < sizeof exact / sizeof *exact; i++) {
        const double r0 = range_of(exact[i][0]), z = 0.1 * exact[i][1];
        CHECK_NEAR(energy_of(r0 - z) - (r0 - z - 0.1 > 3.7e-5 ? energy_of(r0 - z - 0.1) : 0.0), exact[i][2],
                   5e-3);
    }
    for (i = 0; i < 2000; i++) { /* the inverse, between nodes */
        double t = exp(log(0.0101) + (log(249.0) - log(0.0101)) * (double)i / 1999), back, q;
        CHECK_OK(mv_stopping_range(T, &q, &water, &t, 1));
        CHECK_OK(mv_stopping_energy(T, &back, &water, &q, 1));
        CHECK_NEAR(back, t, 1e-9 * t);
    }
}
static void media(void) {
    static const double z[2] = {1, 8}, a[2] = {1.008, 15.999}, w[2] = {0.111894, 0.888106};
    static const double zal[1] = {13}, aal[1] = {26.982}, one[1] = {1};
    mv_medium m, al;
    mv_stopping s;
    double t[3] = {10, 70, 150}, p[3], q[3], r;
    begin();
    CHECK_OK(mv_medium_make(T, &m, z, a, w, 2, 1.0, 75.0));
    CHECK_NEAR(m.scattering, 46.88, 0.01); /* Gottschalk 2010 */
    CHECK_NEAR(m.electrons, 0.55508, 1e-5);
    CHECK_NEAR(m.radiation, 36.08, 0.5);
    CHECK_OK(mv_stopping_init(T, &s, &m));
    CHECK_OK(mv_stopping_power(T, p, &s, t, 3));
    CHECK_OK(mv_stopping_power(T, q, &water, t, 3));
    CHECK_NEAR(p[0] / q[0], 1.006, 0.001);
    CHECK_NEAR(p[1] / q[1], 1.0004, 2e-4);
    CHECK_NEAR(p[2] / q[2], 1.0000, 2e-4);
    r = range_of(70);
    m.excitation = 78; /* ICRU 90: 0.23 mm further at 70 MeV */
    CHECK_OK(mv_stopping_init(T, &s, &m));
    CHECK_OK(mv_stopping_range(T, p, &s, t + 1, 1));
    m.excitation = 75;
    CHECK_OK(mv_stopping_init(T, &s, &m));
    CHECK_OK(mv_stopping_range(T, q, &s, t + 1, 1));
    CHECK_NEAR(p[0] - q[0], 0.023, 0.002);
    CHECK_NEAR(q[0], r, 0.003 * r);
    /* aluminium: 24.01 (PDG); the fit is good to 2.5 per cent */
    CHECK_OK(mv_medium_make(T, &al, zal, aal, one, 1, 2.699, 166.0));
    CHECK_NEAR(al.radiation, 24.01, 0.3);
    CHECK_STATUS(mv_medium_make(T, &al, zal, aal, one, 0, 2.7, 166.0), MEDVOL_E_SIZE);
    CHECK_STATUS(mv_medium_make(T, &al, NULL, aal, one, 1, 2.7, 166.0), MEDVOL_E_NULL);
    CHECK_STATUS(mv_medium_make(T, &al, zal, aal, one, 1, NAN, 166.0), MEDVOL_E_RANGE);
    CHECK_STATUS(mv_medium_make(T, &al, zal, aal, one, 1, 1.0, 1.0), MEDVOL_E_RANGE);
    m.scattering = NAN;
    CHECK_STATUS(mv_stopping_init(T, &s, &m), MEDVOL_E_RANGE);
    CHECK_STATUS(mv_stopping_init(T, NULL, NULL), MEDVOL_E_NULL);
}
static void refused(void) {
    static const double bad[5] = {0.0099, 250.1, 0, -1, NAN};
    double d = 7;
    size_t i;
    mv_stopping empty;
    begin();
    memset(&empty, 0, sizeof empty);
    for (i = 0; i < 5; i++) {
        CHECK_STATUS(mv_stopping_power(T, &d, &water, bad + i, 1), MEDVOL_E_RANGE);
        CHECK_STATUS(mv_stopping_range(T, &d, &water, bad + i, 1), MEDVOL_E_RANGE);
        CHECK_STATUS(mv_scattering_power(T, &d, &water, bad + i, 1, 70, MEDVOL_SCATTER_MOLIERE),
                     MEDVOL_E_RANGE);
        CHECK_STATUS(mv_scattering_power(T, &d, &water, energies, 1, bad[i], MEDVOL_SCATTER_MOLIERE),
                     MEDVOL_E_RANGE);
    }
    d = 38;
    CHECK_STATUS(mv_stopping_energy(T, &d, &water, &d, 1), MEDVOL_E_RANGE);
    CHECK(d == 38);
    d = 80;
    CHECK_STATUS(mv_scattering_power(T, &d, &water, &d, 1, 70, MEDVOL_SCATTER_MOLIERE), MEDVOL_E_RANGE);
    CHECK_STATUS(mv_scattering_power(T, &d, &water, &d, 1, 90, (mv_scatter_model)9), MEDVOL_E_RANGE);
    CHECK_STATUS(mv_stopping_power(T, &d, &empty, energies, 1), MEDVOL_E_RANGE);
    CHECK_STATUS(mv_stopping_power(T, &d, NULL, energies, 1), MEDVOL_E_NULL);
    CHECK_STATUS(mv_stopping_power(T, NULL, &water, energies, 1), MEDVOL_E_NULL);
    CHECK_OK(mv_stopping_power(T, NULL, &water, NULL, 0));
    CHECK_STATUS(mv_gaussian_discrete(T, NULL, 3, 1), MEDVOL_E_NULL);
    CHECK_STATUS(mv_gaussian_discrete(T, &d, 0, 1), MEDVOL_E_SIZE);
    CHECK_STATUS(mv_gaussian_discrete(T, &d, 1, NAN), MEDVOL_E_RANGE);
    CHECK_STATUS(mv_gaussian_discrete(T, &d, 1, -1), MEDVOL_E_RANGE);
}
static void kernels(void) {
    static double k[3][1024];
    double t;
    size_t i, j;
    for (t = 1e-6; t < 1.1e3; t *= 10) {
        double sum, var = 0;
        CHECK_OK(mv_gaussian_discrete(T, k[0], 1024, t));
        sum = k[0][0];
        for (i = 1; i < 1024; i++) sum += 2 * k[0][i], var += 2 * k[0][i] * (double)(i * i);
        CHECK_NEAR(sum, 1, 1e-9);
        CHECK_NEAR(var, t, 1e-6 * t);
        CHECK_OK(mv_gaussian_discrete(T, k[1], 1024, 0.3 * t));
        CHECK_OK(mv_gaussian_discrete(T, k[2], 1024, 0.7 * t));
        for (i = 0; i < 400; i += i < 10 ? 1 : 13) { /* semigroup */
            double s = 0;
            ptrdiff_t d;
            for (d = -600; d <= 600; d++) {
                j = (size_t)(d < 0 ? -d : d);
                s += k[1][j] * k[2][(size_t)(d > (ptrdiff_t)i ? d - (ptrdiff_t)i : (ptrdiff_t)i - d)];
            }
            CHECK_NEAR(s, k[0][i], 1e-6 * k[0][i] + 1e-15);
        }
    }
    CHECK_OK(mv_gaussian_discrete(T, k[0], 3, 1.0));
    CHECK_NEAR(k[0][0], 0.46575960759364043, 1e-14); /* e^-1 I_0(1), Abramowitz and Stegun 9.8 */
    CHECK_NEAR(k[0][1], 0.20791041534970845, 1e-14);
    CHECK_OK(mv_gaussian_discrete(T, k[0], 2, 0.0));
    CHECK(k[0][0] == 1 && k[0][1] == 0);
}
/* Fermi and Eyges: T at depth along the mean range, sums to sigmas behind z mm */
static void eyges(double *x, double *angle, double e0, double z, mv_scatter_model model) {
    const double r0 = range_of(e0);
    const int n = 4000;
    double a0 = 0, a2 = 0;
    int i;
    for (i = 0; i < n; i++) {
        const double at = (i + 0.5) * z / n, e = energy_of(r0 - 0.1 * at);
        double p;
        CHECK_OK(mv_scattering_power(T, &p, &water, &e, 1, e0, model));
        p *= 0.1 * z / n;
        a0 += p, a2 += p * (z - at) * (z - at);
    }
    *x = sqrt(a2), *angle = sqrt(a0);
}
static void scattering(void) {
    double x, angle, e = 100, p, pv;
    begin();
    CHECK_OK(mv_scattering_power(T, &p, &water, &e, 1, 0, MEDVOL_SCATTER_ROSSI));
    pv = 190.369;
    CHECK_NEAR(p, (15 / pv) * (15 / pv) / 36.08, 1e-5 * p);
    e = 250, pv = 447.403; /* the table's last energy is its own entrance */
    CHECK_OK(mv_scattering_power(T, &p, &water, &e, 1, 0, MEDVOL_SCATTER_ROSSI));
    CHECK_NEAR(p, (15 / pv) * (15 / pv) / 36.08, 1e-5 * p);
    e = 250.001, CHECK_STATUS(mv_scattering_power(T, &p, &water, &e, 1, 0, MEDVOL_SCATTER_ROSSI), MEDVOL_E_RANGE);
    /* Fermi and Eyges by the same table elsewhere: 70 MeV at 10, 20, 30, 40 mm; 150 MeV at 50, 100, 150 mm */
    eyges(&x, &angle, 70, 10, MEDVOL_SCATTER_MOLIERE), CHECK_NEAR(x, 0.085, 0.001);
    eyges(&x, &angle, 70, 20, MEDVOL_SCATTER_MOLIERE), CHECK_NEAR(x, 0.261, 0.001);
    eyges(&x, &angle, 70, 30, MEDVOL_SCATTER_MOLIERE), CHECK_NEAR(x, 0.515, 0.001);
    eyges(&x, &angle, 70, 40, MEDVOL_SCATTER_MOLIERE), CHECK_NEAR(x, 0.870, 0.004);
    eyges(&x, &angle, 150, 100, MEDVOL_SCATTER_MOLIERE), CHECK_NEAR(x, 1.532, 0.003);
    eyges(&x, &angle, 150, 150, MEDVOL_SCATTER_MOLIERE), CHECK_NEAR(x, 3.133, 0.005);
    eyges(&x, &angle, 150, 100, MEDVOL_SCATTER_HIGHLAND), CHECK_NEAR(x, 1.532, 0.1);
}
static void balance(const mv_transport_report *r) {
    double w = r->weight[0], e = r->energy[0];
    int k;
    for (k = 1; k < MEDVOL_TRANSPORT_SINKS; k++) w -= r->weight[k], e -= r->energy[k];
    CHECK_NEAR(w, 0, 1e-6 * r->weight[0]);
    CHECK_NEAR(e, 0, 1e-6 * r->energy[0]);
}
static void march_one(double e0, double dz, size_t fine, double r80, double fwhm) {
    mv_volume dose = {0};
    mv_beam b = {0};
    mv_transport_opt o = {0};
    mv_transport_report r;
    mv_depth_dose_measures m;
    b.energy = e0, b.size = 3;
    o.dz = dz, o.fine = fine;
    o.angles = 51, o.nx = 80;
    CHECK_OK(mv_transport_march(T, &dose, &r, NULL, &b, 1, &water, &o));
    balance(&r);
    CHECK_OK(mv_depth_dose(T, NULL, NULL, &m, &dose));
    CHECK_NEAR(m.total, r.energy[MEDVOL_TRANSPORT_STOPPED], 1e-5 * m.total);
    CHECK_NEAR(m.r80, r80, 0.3);
    CHECK_NEAR(m.fwhm, fwhm, 0.1 * fwhm);
    if (getenv("SHOW"))
        printf("%g MeV: r80 %g fwhm %g peak %g at %g entrance %g, leaks %g %g, cells %zu nz %zu\n", e0, m.r80,
               m.fwhm, m.peak, m.peak_depth, m.entrance, r.weight[2], r.weight[3], r.cells, dose.dim[2]);
    mv_volume_free(T, &dose);
}
static void peaks(void) {
    begin();
    march_one(70, 1, 2, 40.80, 3.51);
    march_one(100, 1, 2, 77.19, 5.4);
    march_one(150, 1, 1, 157.78, 10.0);
    march_one(200, 1, 1, 259.65, 16.0);
}

/* standard deviations on the way, against Fermi and Eyges with the same powers */
static void widths_one(double e0, double step, double dx, mv_transport_shift shift, size_t nx) {
    static double spread[3 * 400];
    mv_volume dose = {0};
    mv_beam b = {0};
    mv_transport_opt o = {0};
    double z;
    b.energy = e0, b.size = 2;
    o.nx = nx, o.dx = dx, o.nz = 200, o.shift = shift, o.spread = spread, o.angles = 61;
    CHECK_OK(mv_transport_march(T, &dose, NULL, NULL, &b, 1, &water, &o));
    for (z = step; z <= 0.98 * 10 * range_of(e0); z += step) {
        const double *s = spread + 3 * ((size_t)z - 1);
        double x, angle;
        eyges(&x, &angle, e0, z, MEDVOL_SCATTER_MOLIERE);
        CHECK_NEAR(s[0], sqrt(x * x + 4), 0.02 * sqrt(x * x + 4));
        CHECK_NEAR(s[1], angle, z < 0.9 * 10 * range_of(e0) ? 0.01 * angle : 0.03 * angle);
    }
    mv_volume_free(T, &dose);
}
static void widths(void) {
    begin();
    widths_one(70, 10, 0.5, MEDVOL_SHIFT_LIMITED, 80);
    widths_one(150, 50, 1, MEDVOL_SHIFT_CUBIC, 64);
    widths_one(150, 50, 1, MEDVOL_SHIFT_LIMITED, 64);
}
/* Up to 0.98 of the range: widths within 0.5 per cent, of angles too without straggling, which beyond 0.9
   leaves those that scattered otherwise than the mean: 2.5. */
static void ends_one(double e0, double dx, size_t nx, int csda) {
    static double spread[3 * 400];
    const double r0 = 10 * range_of(e0);
    mv_volume dose = {0};
    mv_beam b = {0};
    mv_transport_opt o = {0};
    int k;
    b.energy = e0, b.size = 2;
    o.nx = nx, o.dx = dx, o.dz = 0.5, o.fine = 1, o.nz = 400, o.angles = 121;
    o.spread = spread, o.csda = csda;
    o.shift = MEDVOL_SHIFT_CUBIC;
    CHECK_OK(mv_transport_march(T, &dose, NULL, NULL, &b, 1, &water, &o));
    for (k = 0; k < 5; k++) {
        static const double part[5] = {0.5, 0.8, 0.9, 0.95, 0.98};
        const size_t n = (size_t)(part[k] * r0 / 0.5);
        const double *s = spread + 3 * (n - 1);
        double x, angle;
        eyges(&x, &angle, e0, 0.5 * (double)n, MEDVOL_SCATTER_MOLIERE);
        x = sqrt(x * x + 4);
        if (getenv("SHOW"))
            printf("%g MeV, %g of the range, csda %d: x %+.3f %%, angle %+.3f %%\n", e0, part[k], csda,
                   100 * (s[0] / x - 1), 100 * (s[1] / angle - 1));
        CHECK_NEAR(s[0], x, 0.005 * x);
        CHECK_NEAR(s[1], angle, (csda || k < 3 ? 0.005 : 0.025) * angle);
    }
    mv_volume_free(T, &dose);
}
static void ends(void) {
    int csda;
    begin();
    for (csda = 0; csda < 2; csda++) ends_one(70, 0.5, 80, csda), ends_one(150, 1, 64, csda);
}
/* Other media: the peak lies where their own range ends. */
static void own_range(void) {
    static const double zal[1] = {13}, aal[1] = {26.982}, one[1] = {1};
    static const double zpm[3] = {1, 6, 8}, apm[3] = {1.008, 12.011, 15.999}, wpm[3] = {0.080538, 0.599848,
                                                                                        0.319614};
    int k, i;
    for (k = 0; k < 2; k++)
        for (i = 0; i < 2; i++) {
            mv_volume dose = {0};
            mv_beam b = {0};
            mv_transport_opt o = {0};
            mv_transport_report r;
            mv_depth_dose_measures m;
            mv_medium medium;
            mv_stopping s;
            double range, e = i ? 150 : 100;
            if (k) CHECK_OK(mv_medium_make(T, &medium, zal, aal, one, 1, 2.699, 166.0));
            else CHECK_OK(mv_medium_make(T, &medium, zpm, apm, wpm, 3, 1.19, 74.0));
            CHECK_OK(mv_stopping_init(T, &s, &medium));
            CHECK_OK(mv_stopping_range(T, &range, &s, &e, 1));
            range *= 10 / medium.density;
            b.energy = e, b.size = 3;
            o.dz = 0.5, o.fine = 1, o.angles = 81, o.nx = 64;
            CHECK_OK(mv_transport_march(T, &dose, &r, NULL, &b, 1, &s, &o));
            balance(&r);
            CHECK_OK(mv_depth_dose(T, NULL, NULL, &m, &dose));
            if (getenv("SHOW")) printf("medium %d, %g MeV: r80 %g, range %g mm\n", k, e, m.r80, range);
            CHECK_NEAR(m.r80, range, 0.3);
            mv_volume_free(T, &dose);
        }
}
/* A beam askew in all but vacuum: the cubic shift keeps width and goes straight, the linear one widens by
   u (1 - u) cells^2 a step; means and variances of starts are exact. */
static void straight(void) {
    static double spread[3 * 100];
    const double u = 0.7071;
    mv_volume dose = {0};
    mv_beam b = {0};
    mv_transport_opt o = {0};
    mv_transport_report r;
    int k;
    begin();
    b.energy = 200, b.angle = atan(u), b.x = -35.3, b.size = 4;
    o.nx = 160, o.nz = 100, o.straight = 1, o.first_order = 1, o.spread = spread;
    o.angles = 3, o.dangle = atan(u);
    b.angle *= 1 - 1e-15;
    for (k = 0; k < 3; k++) {
        o.shift = (mv_transport_shift)k;
        CHECK_STATUS(mv_transport_march(T, &dose, &r, NULL, &b, 1, &water, &o), MEDVOL_OK);
        balance(&r);
        if (k == MEDVOL_SHIFT_LINEAR)
            CHECK_NEAR(spread[3 * 99] * spread[3 * 99], 16 + 100 * u * (1 - u), 0.01);
        else CHECK_NEAR(spread[3 * 99], 4, k == MEDVOL_SHIFT_CUBIC ? 2e-5 : 0.004);
        if (k != MEDVOL_SHIFT_LINEAR) CHECK_NEAR(spread[0], 4, 1e-4);
        mv_volume_free(T, &dose);
    }
}
/* How narrow a beam may be: undershoot of the cubic shift, growth by the limited one, variance of the linear
   one, behind 100 steps of 0.7071 cells. */
static void narrow(void) {
    static const double cells[3] = {2, 3, 4}, under[3] = {0.03, 0.004, 1e-4}, grown[3] = {0.09, 0.008, 1e-3};
    static double spread[3 * 100];
    const double u = 0.7071;
    mv_volume dose = {0};
    mv_beam b = {0};
    mv_transport_opt o = {0};
    size_t i;
    int k, shift;
    begin();
    b.energy = 200, b.angle = atan(u) * (1 - 1e-15), b.x = -35.3;
    o.nx = 160, o.nz = 100, o.straight = o.first_order = o.csda = 1, o.spread = spread;
    o.angles = 3, o.dangle = atan(u);
    for (k = 0; k < 3; k++)
        for (shift = 0; shift < 3; shift++) {
            double least = 0, most = 0, sd, at = 0, sum = 0;
            b.size = cells[k], o.shift = (mv_transport_shift)shift;
            CHECK_OK(mv_transport_march(T, &dose, NULL, NULL, &b, 1, &water, &o));
            for (i = 0; i < 160; i++) {
                const double v = ((float *)dose.data)[99 * 160 + i];
                least = fmin(least, v), most = fmax(most, v), at += v * ((double)i - 79.5), sum += v;
            }
            sd = spread[3 * 99];
            if (getenv("SHOW"))
                printf("%g cells, shift %d: sigma %.9g, undershoot %.2g, centre %.9g\n", cells[k], shift, sd,
                       -least / most, at / sum);
            CHECK_NEAR(at / sum, -35.3 + 100 * u, 2e-3); /* the last dose is behind the whole of its step */
            if (shift == MEDVOL_SHIFT_CUBIC) {
                CHECK_NEAR(sd, cells[k], 2e-5);
                CHECK(least < 0 || k == 2);
                CHECK(-least < under[k] * most);
            } else CHECK(least >= 0);
            if (shift == MEDVOL_SHIFT_LIMITED)
                CHECK(sd > cells[k] * (1 - 1e-5) && sd < cells[k] * (1 + grown[k]));
            if (shift == MEDVOL_SHIFT_LINEAR)
                CHECK_NEAR(sd * sd, cells[k] * cells[k] + 100 * u * (1 - u), 1e-4);
        }
    mv_volume_free(T, &dose);
}
static double turned_at_100(double dz, mv_scatter_model model, const mv_stopping *s) {
    static double spread[3 * 100];
    mv_volume dose = {0};
    mv_beam b = {0};
    mv_transport_opt o = {0};
    b.energy = 150, b.size = 3;
    o.dz = dz, o.nz = (size_t)(100 / dz), o.fine = (size_t)(2 * dz), o.scatter = model, o.spread = spread;
    o.most_leak = 1;
    CHECK_OK(mv_transport_march(T, &dose, NULL, NULL, &b, 1, s, &o));
    mv_volume_free(T, &dose);
    return spread[3 * (o.nz - 1) + 1];
}
/* Steps of other lengths turn as much; and what must be noticed is: a formula per step that is not additive,
   a radiation length in the wrong unit, degrees for radians. */
static void criteria(void) {
    mv_stopping wrong;
    mv_medium m;
    mv_volume dose = {0};
    mv_beam b = {0};
    mv_transport_opt o = {0};
    double sum[2] = {0, 0};
    int k, i, model;
    begin();
    for (model = 0; model < 3; model++) {
        const double a = turned_at_100(1, (mv_scatter_model)model, &water),
                     c = turned_at_100(2, (mv_scatter_model)model, &water);
        if (getenv("SHOW")) printf("model %d: sigma of angles %g, %g at dz 1, 2\n", model, a, c);
        CHECK_NEAR(c, a, 1e-3 * a);
    }
    for (k = 0; k < 2; k++) /* Highland's formula a step */
        for (i = 0; i < 100; i += k + 1) {
            const double e = energy_of(range_of(150) - 0.1 * (i + 0.5 * (k + 1))), l = (k + 1) / 360.8;
            const double pv = e * (e + 2 * 938.272) / (e + 938.272), f = 1 + 0.038 * log(l);
            sum[k] += 13.6 * 13.6 / (pv * pv) * l * f * f;
        }
    CHECK(fabs(sqrt(sum[1] / sum[0]) - 1) > 0.02);
    m = water.medium;
    m.radiation = 3.608;
    CHECK_OK(mv_stopping_init(T, &wrong, &m));
    sum[0] = turned_at_100(2, MEDVOL_SCATTER_ROSSI, &water);
    CHECK(turned_at_100(2, MEDVOL_SCATTER_ROSSI, &wrong) > 2 * sum[0]);
    b.energy = 70, b.size = 3, o.dangle = 1; /* a degree */
    CHECK_STATUS(mv_transport_march(T, &dose, NULL, NULL, &b, 1, &water, &o), MEDVOL_E_RANGE);
    CHECK(strstr(mv_message(T), "dangle = 1") != NULL);
}
static double at_28(double dz, int first, double *angle) {
    static double spread[3 * 400];
    mv_volume dose = {0};
    mv_beam b = {0};
    mv_transport_opt o = {0};
    double x, a;
    size_t i = (size_t)(28 / dz) - 1;
    b.energy = 70, b.size = 2;
    o.dz = dz, o.dx = 0.5, o.nx = 64, o.first_order = first, o.shift = MEDVOL_SHIFT_CUBIC, o.spread = spread;
    o.fine = (size_t)(2 * dz), o.nz = 30, o.angles = 61, o.dangle = 0.008726646;
    CHECK_OK(mv_transport_march(T, &dose, NULL, NULL, &b, 1, &water, &o));
    eyges(&x, &a, 70, 28, MEDVOL_SCATTER_MOLIERE);
    *angle = fabs(spread[3 * i + 1] / a - 1);
    x = fabs(sqrt(spread[3 * i] * spread[3 * i] - 4) / x - 1);
    mv_volume_free(T, &dose);
    return x;
}
static void order(void) {
    double x[3], angle[3];
    int k;
    begin();
    for (k = 0; k < 3; k++) x[k] = at_28(4 >> k, 0, angle + k), CHECK(angle[k] < 0.004);
    if (getenv("SHOW"))
        printf("strang x %g %g %g angle %g %g %g\n", x[0], x[1], x[2], angle[0], angle[1], angle[2]);
    CHECK(x[0] > 2.6 * x[1] && x[0] < 0.04 && x[2] < 0.005);
    for (k = 0; k < 3; k++) x[k] = at_28(4 >> k, 1, angle + k);
    if (getenv("SHOW"))
        printf("first x %g %g %g angle %g %g %g\n", x[0], x[1], x[2], angle[0], angle[1], angle[2]);
    CHECK(angle[0] > 1.7 * angle[1] && angle[1] > 1.6 * angle[2] && angle[0] < 0.09);
}
/* without scattering and straggling: energies between ranges, bin by bin */
static void slowing(void) {
    mv_volume dose = {0};
    mv_beam b = {0};
    mv_transport_opt o = {0};
    mv_transport_report r;
    double curve[60], r0;
    mv_depth_dose_measures m;
    size_t k;
    begin();
    b.energy = 70, b.size = 3, b.weight = 5;
    o.straight = o.csda = 1, o.fine = 1, o.nz = 60;
    CHECK_OK(mv_transport_march(T, &dose, &r, NULL, &b, 1, &water, &o));
    balance(&r);
    CHECK_OK(mv_depth_dose(T, curve, NULL, &m, &dose));
    r0 = range_of(70);
    for (k = 0; k < 40; k++) {
        const double want = energy_of(r0 - 0.1 * (double)k) - energy_of(r0 - 0.1 * (double)(k + 1));
        CHECK_NEAR(curve[k], 5 * want, 1e-5 * 5 * want);
    }
    /* the last bin, 7.855 MeV of each: what it has not, the one behind it has */
    CHECK_NEAR(curve[40] + curve[41], 5 * energy_of(r0 - 4.0), 1e-4);
    CHECK(curve[41] < 5 * 2.5 && curve[42] == 0);
    CHECK_NEAR(m.total, 350, 1e-3);
    CHECK_NEAR(r.energy[0], 350, 1e-6);
    mv_volume_free(T, &dose);
    o.grays = 1, o.thickness = 10; /* 1 MeV in 1 x 10 x 1 mm of water is 1.602e-8 Gy */
    CHECK_OK(mv_transport_march(T, &dose, &r, NULL, &b, 1, &water, &o));
    CHECK_OK(mv_depth_dose(T, NULL, NULL, &m, &dose));
    CHECK_NEAR(m.total, 350 * 1.602176634e-8, 1e-12);
    mv_volume_free(T, &dose);
}
static void fill(mv_volume *ct, double hu, size_t from, size_t to) {
    const size_t nx = ct->dim[0];
    size_t i;
    for (i = from * nx; i < to * nx; i++) ((float *)ct->data)[i] = (float)hu;
}
static mv_volume a_ct(size_t nx, size_t nz, double dx, double dz) {
    const double mm[3] = {dx, 2, dz};
    const size_t dim[3] = {nx, 1, nz};
    mv_volume ct = {0};
    CHECK_OK(mv_volume_alloc(T, &ct, MEDVOL_F32, 3, dim));
    mv_affine_from_spacing(ct.affine, mm, NULL);
    fill(&ct, 0, 0, nz);
    return ct;
}
/* a CT of water is water; air in front moves the peak back, bone forward, by what their powers say */
static void tissues(void) {
    static const double hu[4] = {-1000, 0, 100, 2000}, power[4] = {0, 1, 1.25, 2},
                        ratio[4] = {0, 1, 1.2, 2.5};
    mv_volume ct, dose = {0}, plain = {0};
    mv_beam b = {0};
    mv_transport_opt o = {0};
    mv_transport_report r;
    mv_depth_dose_measures m, w;
    double sigma[90], sigmas[90];
    size_t i, side[2] = {0, 0};
    begin();
    ct = a_ct(60, 90, 1, 1);
    b.energy = 70, b.size = 3;
    o.hu = hu, o.power = power, o.ratio = ratio, o.points = 4, o.angles = 51;
    CHECK_OK(mv_transport_march(T, &dose, &r, &ct, &b, 1, &water, &o));
    balance(&r);
    CHECK_OK(mv_depth_dose(T, NULL, sigma, &m, &dose));
    o.nx = 60, o.nz = 90;
    CHECK_OK(mv_transport_march(T, &plain, NULL, NULL, &b, 1, &water, &o));
    CHECK_OK(mv_depth_dose(T, NULL, sigmas, &w, &plain));
    CHECK_NEAR(m.r80, w.r80, 0.05);
    CHECK_NEAR(m.fwhm, w.fwhm, 0.1 * w.fwhm);
    for (i = 0; i < 38; i++) CHECK_NEAR(sigma[i], sigmas[i], 0.01 * sigmas[i]);
    fill(&ct, -1000, 5, 15);
    CHECK_OK(mv_transport_march(T, &dose, &r, &ct, &b, 1, &water, &o));
    CHECK_OK(mv_depth_dose(T, NULL, NULL, &m, &dose));
    CHECK_NEAR(m.r80, w.r80 + 10, 0.1);
    balance(&r);
    fill(&ct, 100, 5, 15);
    CHECK_OK(mv_transport_march(T, &dose, &r, &ct, &b, 1, &water, &o));
    CHECK_OK(mv_depth_dose(T, NULL, NULL, &m, &dose));
    CHECK_NEAR(m.r80, w.r80 - 2.5, 0.2);
    balance(&r);
    fill(&ct, 0, 0, 90); /* bone on one side alone */
    for (i = 0; i < 60 * 90; i++)
        if (i % 60 < 30) ((float *)ct.data)[i] = 100;
    b.size = 10;
    o.most_leak = 0.05;
    CHECK_OK(mv_transport_march(T, &dose, &r, &ct, &b, 1, &water, &o));
    balance(&r);
    for (i = 1; i < 90; i++) {
        if (((float *)dose.data)[i * 60 + 15] > ((float *)dose.data)[side[0] * 60 + 15]) side[0] = i;
        if (((float *)dose.data)[i * 60 + 45] > ((float *)dose.data)[side[1] * 60 + 45]) side[1] = i;
    }
    CHECK_NEAR((double)side[0], 32.2, 1.3);
    CHECK_NEAR((double)side[1], 40.2, 1.3);
    b.size = 3, o.fine = 1; /* what is below 0 on the way stays where it is: the sides are far */
    CHECK_OK(mv_transport_march(T, &dose, &r, &ct, &b, 1, &water, &o));
    balance(&r);
    CHECK_NEAR(r.weight[MEDVOL_TRANSPORT_SIDES], 0, 1e-4);
    CHECK_NEAR(r.energy[MEDVOL_TRANSPORT_STOPPED], 70, 0.1);
    ((float *)ct.data)[61] = NAN;
    CHECK_STATUS(mv_transport_march(T, &dose, &r, &ct, &b, 1, &water, &o), MEDVOL_E_RANGE);
    CHECK(strstr(mv_message(T), "x = 1, z = 1") != NULL);
    mv_volume_free(T, &dose), mv_volume_free(T, &plain), mv_volume_free(T, &ct);
}
/* A layer that scatters more alone: half of a step's scattering is the plane's before, with that plane's
   power. Positions behind it, against Fermi and Eyges through the layers. */
static void layers(void) {
    static const double hu[2] = {0, 100}, power[2] = {1, 1}, ratio[2] = {1, 12};
    static double spread[3 * 12];
    mv_volume ct, dose = {0};
    mv_beam b = {0};
    mv_transport_opt o = {0};
    const double dz = 4;
    size_t from, z;
    int n;
    begin();
    b.energy = 150, b.size = 1;
    o.hu = hu, o.power = power, o.ratio = ratio, o.points = 2, o.angles = 81, o.spread = spread;
    o.most_leak = 1;
    for (from = 0; from < 5; from += 4) {
        ct = a_ct(60, 12, 0.25, dz);
        fill(&ct, 100, from, from + 1);
        CHECK_OK(mv_transport_march(T, &dose, NULL, &ct, &b, 1, &water, &o));
        for (z = from; z < 10; z++) {
            const double deep = dz * (double)(z + 1);
            double x = 1, angle = 0;
            for (n = 0; n < 2000; n++) {
                const double at = (n + 0.5) * deep / 2000, e = energy_of(range_of(150) - 0.1 * at);
                double p;
                CHECK_OK(mv_scattering_power(T, &p, &water, &e, 1, 150, MEDVOL_SCATTER_MOLIERE));
                p *= 0.1 * deep / 2000 * (at >= dz * (double)from && at < dz * (double)(from + 1) ? 12 : 1);
                angle += p, x += p * (deep - at) * (deep - at);
            }
            if (getenv("SHOW"))
                printf("layer %zu, plane %zu: x %g, %g angle %g, %g\n", from, z, spread[3 * z], sqrt(x),
                       spread[3 * z + 1], sqrt(angle));
            CHECK_NEAR(spread[3 * z] * spread[3 * z] - 1, x - 1, 0.03 * (x - 1) + 0.004);
            CHECK_NEAR(spread[3 * z + 1], sqrt(angle), 0.01 * sqrt(angle));
        }
        mv_volume_free(T, &dose), mv_volume_free(T, &ct);
    }
}
/* fluence against (1 + b R) / (1 + b R0); the energy that is carried away against its integral */
static void nuclear(void) {
    static double spread[3 * 60];
    static const double hu[2] = {0, 100}, power[2] = {1, 1.5}, ratio[2] = {1, 1.5};
    mv_volume ct, dose = {0}, off = {0};
    mv_beam b = {0};
    mv_transport_opt o = {0};
    mv_transport_report r, all;
    mv_depth_dose_measures m;
    const double rate = 0.012;
    double r0, away = 0, at, last = 1;
    size_t k;
    begin();
    b.energy = 70, b.size = 3, b.weight = 2;
    o.straight = o.csda = 1, o.nz = 60, o.nuclear = rate, o.spread = spread;
    r0 = range_of(70);
    CHECK_OK(mv_transport_march(T, &dose, &r, NULL, &b, 1, &water, &o));
    balance(&r);
    for (k = 0; k < 40; k++)
        CHECK_NEAR(spread[3 * k + 2], 2 * (1 + rate * (r0 - 0.1 * (double)(k + 1))) / (1 + rate * r0), 2e-6);
    CHECK_NEAR(r.weight[MEDVOL_TRANSPORT_STOPPED], 2 / (1 + rate * r0), 2e-6);
    CHECK_NEAR(r.weight[MEDVOL_TRANSPORT_NUCLEAR], 2 - 2 / (1 + rate * r0), 2e-6);
    for (k = 0; k < 20000; k++) {
        at = r0 * ((double)k + 0.5) / 20000;
        away += 2 * rate / (1 + rate * r0) * r0 / 20000 * (at > 3.6e-5 ? energy_of(at) : 0);
    }
    CHECK_NEAR(r.energy[MEDVOL_TRANSPORT_NUCLEAR], away, 2e-3 * away);
    CHECK_NEAR(r.energy[MEDVOL_TRANSPORT_STOPPED], 140 - away, 2e-3 * away);
    all = r;
    o.nuclear_local = 0.6;
    CHECK_OK(mv_transport_march(T, &dose, &r, NULL, &b, 1, &water, &o));
    balance(&r);
    CHECK_NEAR(r.energy[MEDVOL_TRANSPORT_NUCLEAR], 0.4 * all.energy[MEDVOL_TRANSPORT_NUCLEAR], 1e-9);
    CHECK_NEAR(r.weight[MEDVOL_TRANSPORT_NUCLEAR], all.weight[MEDVOL_TRANSPORT_NUCLEAR], 1e-12);
    CHECK_OK(mv_depth_dose(T, NULL, NULL, &m, &dose));
    CHECK_NEAR(m.total, r.energy[MEDVOL_TRANSPORT_STOPPED], 1e-4);
    /* all of the physics; water, and a CT with another medium in it */
    memset(&o, 0, sizeof o);
    mv_volume_free(T, &dose);
    o.nz = 60, o.nx = 60, o.angles = 51, o.nuclear = rate, o.spread = spread;
    CHECK_OK(mv_transport_march(T, &dose, &r, NULL, &b, 1, &water, &o));
    balance(&r);
    for (k = 0; k < 35; k++) { /* scattered ways are longer by some 1e-4 */
        CHECK_NEAR(spread[3 * k + 2], 2 * (1 + rate * (r0 - 0.1 * (double)(k + 1))) / (1 + rate * r0), 1e-4);
        CHECK(spread[3 * k + 2] < last * 2 + 1e-12), last = spread[3 * k + 2] / 2;
    }
    ct = a_ct(60, 60, 1, 1);
    fill(&ct, 100, 10, 20);
    o.hu = hu, o.power = power, o.ratio = ratio, o.points = 2;
    CHECK_OK(mv_transport_march(T, &off, &r, &ct, &b, 1, &water, &o));
    balance(&r);
    for (k = 0; k < 30; k++) {
        const double z = (double)(k + 1), way = z < 10 ? z : z < 20 ? 1.5 * z - 5 : z + 5;
        CHECK_NEAR(spread[3 * k + 2], 2 * (1 + rate * (r0 - 0.1 * way)) / (1 + rate * r0), 2e-4);
    }
    /* off: nothing of it is seen */
    o.nuclear = 0;
    CHECK_OK(mv_transport_march(T, &dose, &r, &ct, &b, 1, &water, &o));
    o.nuclear_local = 1;
    CHECK_OK(mv_transport_march(T, &off, &all, &ct, &b, 1, &water, &o));
    CHECK(memcmp(dose.data, off.data, 60 * 60 * sizeof(float)) == 0 && memcmp(&r, &all, sizeof r) == 0);
    CHECK(r.weight[MEDVOL_TRANSPORT_NUCLEAR] == 0 && r.energy[MEDVOL_TRANSPORT_NUCLEAR] == 0);
    for (k = 0; k < 4; k++) {
        static const double bad[4] = {-1, NAN, 1.5, INFINITY};
        o.nuclear = bad[k], o.nuclear_local = 0;
        CHECK_STATUS(mv_transport_march(T, &off, NULL, &ct, &b, 1, &water, &o), MEDVOL_E_RANGE);
        o.nuclear = 0, o.nuclear_local = bad[k];
        CHECK_STATUS(mv_transport_march(T, &off, NULL, &ct, &b, 1, &water, &o), MEDVOL_E_RANGE);
    }
    mv_volume_free(T, &dose), mv_volume_free(T, &off), mv_volume_free(T, &ct);
}

/* ---- volumes ---- */
/* of a plane z: sum, means, standard deviations along x and y, in cells */
static void plane_of(const mv_volume *d, size_t z, double *m) {
    const size_t nx = d->dim[0], ny = d->dim[1];
    double s[5] = {0, 0, 0, 0, 0};
    size_t x, y;
    for (y = 0; y < ny; y++)
        for (x = 0; x < nx; x++) {
            const double v = ((const float *)d->data)[(z * ny + y) * nx + x];
            s[0] += v, s[1] += v * (double)x, s[2] += v * (double)y;
            s[3] += v * (double)(x * x), s[4] += v * (double)(y * y);
        }
    m[0] = s[0], m[1] = s[1] / s[0], m[2] = s[2] / s[0];
    m[3] = sqrt(s[3] / s[0] - m[1] * m[1]), m[4] = sqrt(s[4] / s[0] - m[2] * m[2]);
}
static mv_volume a_block(size_t nx, size_t ny, size_t nz, double dx, double dy, double dz) {
    const double mm[3] = {dx, dy, dz};
    const size_t dim[3] = {nx, ny, nz};
    mv_volume ct = {0};
    CHECK_OK(mv_volume_alloc(T, &ct, MEDVOL_F32, 3, dim));
    mv_affine_from_spacing(ct.affine, mm, NULL);
    memset(ct.data, 0, nx * ny * nz * sizeof(float));
    return ct;
}
static double largest(const mv_volume *d) {
    double most = 0;
    size_t i;
    for (i = 0; i < mv_volume_count(d); i++) most = fmax(most, ((const float *)d->data)[i]);
    return most;
}
static double furthest(const mv_volume *a, const mv_volume *b) {
    double most = 0;
    size_t i;
    for (i = 0; i < mv_volume_count(a); i++)
        most = fmax(most, fabs((double)((const float *)a->data)[i] - (double)((const float *)b->data)[i]));
    return most;
}
/* a round spot in water: width, range, its sum over y is the slab's; threads and levels; a CT of water */
static void boxes(void) {
    enum { NXY = 40, DEEP = 48 };
    mv_volume dose = {0}, slab = {0}, again = {0}, ct;
    mv_spot s = {0};
    mv_transport_opt o = {0};
    mv_transport_report r, r2;
    mv_depth_dose_measures m;
    const int level = mv_level();
    double p[5], most, x, angle;
    size_t i, y, z;
    int k;
    begin();
    s.beam.energy = 70, s.beam.size = s.size_y = 3, s.beam.weight = 3, s.beam.x = 0.7, s.y = -1.3;
    s.beam.divergence = s.divergence_y = 0.01;
    o.nx = o.ny = NXY, o.nz = DEEP, o.angles = 51;
    CHECK_OK(mv_transport_dose(T, &dose, &r, NULL, &s, 1, &water, &o));
    CHECK(dose.ndim == 3 && dose.dim[0] == NXY && dose.dim[1] == NXY && dose.dim[2] == DEEP);
    CHECK(dose.affine[3] == -19.5 && dose.affine[7] == -19.5 && dose.affine[11] == 0.5);
    balance(&r);
    CHECK_NEAR(r.weight[0], 3, 1e-12);
    CHECK_OK(mv_depth_dose(T, NULL, NULL, &m, &dose));
    CHECK_NEAR(m.r80, 40.80, 0.3);
    CHECK_NEAR(m.total, r.energy[MEDVOL_TRANSPORT_STOPPED], 1e-5 * m.total);
    for (z = 0; z <= 40; z += 5) {
        plane_of(&dose, z, p);
        if (getenv("SHOW")) printf("z %zu: sigma x %g y %g\n", z, p[3], p[4]);
        CHECK_NEAR(p[4], p[3], 0.003 * p[3]);
        CHECK_NEAR(p[1], 19.5 + 0.7, 2e-3);
        CHECK_NEAR(p[2], 19.5 - 1.3, 2e-3);
        if (z == 0 || z > 35) continue;
        eyges(&x, &angle, 70, (double)z + 0.5, MEDVOL_SCATTER_MOLIERE);
        CHECK_NEAR(p[4] * p[4], 9 + pow(0.01 * ((double)z + 0.5), 2) + x * x, 2e-3 * p[4] * p[4]);
    }
    CHECK_OK(mv_transport_march(T, &slab, NULL, NULL, &s.beam, 1, &water, &o));
    most = largest(&slab);
    for (z = 0; z < DEEP; z++)
        for (i = 0; i < NXY; i++) {
            double sum = 0;
            for (y = 0; y < NXY; y++) sum += ((float *)dose.data)[(z * NXY + y) * NXY + i];
            CHECK_NEAR(sum, ((float *)slab.data)[z * NXY + i], 1e-5 * most);
        }
    for (k = 1; k <= level; k++) {
        mv_level_force(k);
        CHECK_OK(mv_transport_dose(T_NONE, &again, &r2, NULL, &s, 1, &water, &o));
        CHECK(furthest(&dose, &again) <= 2e-6 * largest(&dose));
        if (k == level) CHECK(furthest(&dose, &again) == 0 && memcmp(&r, &r2, sizeof r) == 0);
    }
    mv_level_force(level);
    mv_volume_free(T, &dose), mv_volume_free(T_NONE, &again), mv_volume_free(T, &slab);
    s.beam.energy = 50, s.beam.size = s.size_y = 2, o.nx = o.ny = 26, o.nz = 26;
    CHECK_OK(mv_transport_dose(T, &dose, NULL, NULL, &s, 1, &water, &o));
    ct = a_block(26, 26, 26, 1, 1, 1); /* a plane for each row, whose share is spread on its own */
    CHECK_OK(mv_transport_dose(T, &again, &r, &ct, &s, 1, &water, &o));
    balance(&r);
    if (getenv("SHOW")) printf("a CT of water: %g\n", furthest(&dose, &again) / largest(&dose));
    CHECK(furthest(&dose, &again) <= 5e-3 * largest(&dose)); /* ranges move by other taps */
    CHECK_OK(mv_depth_dose(T, NULL, NULL, &m, &again));
    CHECK_NEAR(m.r80, 22.27, 0.3);
    for (z = 0; z <= 20; z += 5) plane_of(&again, z, p), CHECK_NEAR(p[4], p[3], 0.003 * p[3]);
    CHECK_OK(mv_transport_dose(T_NONE, &slab, &r2, &ct, &s, 1, &water, &o));
    CHECK(furthest(&slab, &again) == 0 && memcmp(&r, &r2, sizeof r) == 0);
    mv_volume_free(T, &dose), mv_volume_free(T_NONE, &slab);
    mv_volume_free(T, &again), mv_volume_free(T, &ct);
}
/* x and y change places; spots of several energies and places are their sum */
static void box_spots(void) {
    enum { NXY = 36, DEEP = 34 };
    mv_volume d[4] = {{0}, {0}, {0}, {0}};
    mv_spot s[3];
    mv_transport_opt o = {0};
    mv_transport_report r;
    double most, off = 0, in = 0;
    size_t x, y, z, i;
    int k;
    begin();
    memset(s, 0, sizeof s);
    s[0].beam.energy = 60, s[0].beam.size = 2, s[0].size_y = 3, s[0].beam.x = 1.2, s[0].y = -2.6;
    s[0].beam.spread = 0.4, s[0].divergence_y = 0.02;
    s[1] = s[0], s[1].beam.size = 3, s[1].size_y = 2, s[1].beam.x = -2.6, s[1].y = 1.2;
    s[1].beam.divergence = 0.02, s[1].divergence_y = 0;
    s[2] = s[0], s[2].beam.energy = 50, s[2].beam.weight = 2;
    o.nx = o.ny = NXY, o.nz = DEEP, o.angles = 51;
    for (k = 0; k < 3; k++) CHECK_OK(mv_transport_dose(T, d + k, NULL, NULL, s + k, 1, &water, &o));
    most = largest(d);
    for (z = 0; z < DEEP; z++)
        for (y = 0; y < NXY; y++)
            for (x = 0; x < NXY; x++)
                off = fmax(off, fabs((double)((float *)d[0].data)[(z * NXY + y) * NXY + x] -
                                     (double)((float *)d[1].data)[(z * NXY + x) * NXY + y]));
    if (getenv("SHOW")) printf("x for y: %g of the largest\n", off / most);
    CHECK(off < 0.01 * most);
    CHECK_OK(mv_transport_dose(T, d + 3, &r, NULL, s, 3, &water, &o));
    balance(&r);
    CHECK_NEAR(r.weight[0], 4, 1e-12);
    CHECK_NEAR(r.energy[0], 60 + 60 + 100, 0.05);
    for (i = 0; i < NXY * NXY * DEEP; i++) {
        double sum = 0;
        for (k = 0; k < 3; k++) sum += ((float *)d[k].data)[i];
        CHECK_NEAR(((float *)d[3].data)[i], sum, 2e-5 * most);
    }
    /* at the edge of y half of the spot is outside: it is told, not renormalised */
    s[0].y = -0.5 * NXY + 0.25, s[0].divergence_y = 0;
    CHECK_STATUS(mv_transport_dose(T, d, &r, NULL, s, 1, &water, &o), MEDVOL_E_RANGE);
    CHECK(strstr(mv_message(T), "sides") != NULL);
    o.most_leak = 1;
    CHECK_OK(mv_transport_dose(T, d, &r, NULL, s, 1, &water, &o));
    balance(&r);
    CHECK_NEAR(r.weight[MEDVOL_TRANSPORT_SIDES], 0.5 * erfc(0.25 / (3 * sqrt(2.0))), 0.01);
    for (i = 0; i < NXY * NXY * DEEP; i++) in += ((float *)d[0].data)[i];
    CHECK_NEAR(in, r.energy[MEDVOL_TRANSPORT_STOPPED], 1e-5 * in);
    CHECK(r.energy[MEDVOL_TRANSPORT_SIDES] > 60 * r.weight[MEDVOL_TRANSPORT_SIDES] + 0.1);
    for (k = 0; k < 4; k++) mv_volume_free(T, d + k);
}
/* slabs move the range by their water, and widen as Fermi and Eyges say of them; what differs along y */
static void box_tissues(void) {
    enum { NX3 = 18, NY3 = 24, DEEP = 40 };
    static const double hu[4] = {-1000, 0, 100, 2000}, power[4] = {0, 1, 1.25, 2},
                        ratio[4] = {0, 1, 1.5, 2.5};
    mv_volume ct, dose = {0}, gray = {0};
    mv_spot s = {0};
    mv_transport_opt o = {0};
    mv_transport_report r;
    mv_depth_dose_measures m, w;
    double p[5], turned;
    float *v;
    size_t i, k, z;
    begin();
    ct = a_block(NX3, NY3, DEEP, 1.5, 1.25, 1);
    /* turned about z, with an origin: the dose is where the CT is */
    ct.affine[0] = 0, ct.affine[1] = -1.25, ct.affine[4] = 1.5, ct.affine[5] = 0;
    ct.affine[3] = 12, ct.affine[7] = -30, ct.affine[11] = 7;
    v = (float *)ct.data;
    s.beam.energy = 50, s.beam.size = s.size_y = 2.5;
    o.hu = hu, o.power = power, o.ratio = ratio, o.points = 4, o.angles = 51;
    CHECK_OK(mv_transport_dose(T, &dose, &r, &ct, &s, 1, &water, &o));
    CHECK_OK(mv_depth_dose(T, NULL, NULL, &w, &dose));
    CHECK(memcmp(dose.affine, ct.affine, sizeof ct.affine) == 0 && dose.dtype == MEDVOL_F32);
    CHECK_NEAR(w.r80, 22.27, 0.3);
    for (k = 0; k < 2; k++) { /* bone, then air, over the whole of x and y */
        for (z = 3; z < 13; z++)
            for (i = 0; i < NX3 * NY3; i++) v[z * NX3 * NY3 + i] = k ? -1000.0f : 100.0f;
        CHECK_OK(mv_transport_dose(T, &dose, &r, &ct, &s, 1, &water, &o));
        balance(&r);
        CHECK_OK(mv_depth_dose(T, NULL, NULL, &m, &dose));
        CHECK_NEAR(m.r80 - w.r80, k ? 10 : -2.5, 0.2);
        for (z = 14; z <= 17; z += 3) { /* integrated on its own, cell by cell */
            const double deep = (double)z + 0.5;
            double sum = 2.5 * 2.5, way = 0;
            int n;
            for (n = 0; n < 4000; n++) {
                const double at = (n + 0.5) * deep / 4000, dz = deep / 4000;
                const int slab = at >= 3 && at < 13;
                const double f = slab ? (k ? 0 : 1.25) : 1, g = slab ? (k ? 0 : 1.5) : 1;
                const double e = energy_of(range_of(50) - 0.1 * (way + 0.5 * f * dz));
                CHECK_OK(mv_scattering_power(T, &turned, &water, &e, 1, 50, MEDVOL_SCATTER_MOLIERE));
                sum += 0.1 * turned * g * dz * (deep - at) * (deep - at);
                way += f * dz;
            }
            plane_of(&dose, z, p);
            if (getenv("SHOW"))
                printf("%zu %zu: y %g, by eyges %g, x %g\n", k, z, p[4] * 1.25, sqrt(sum), p[3] * 1.5);
            CHECK_NEAR(p[4] * 1.25, sqrt(sum), 0.003 * sqrt(sum));
            CHECK_NEAR(p[3] * 1.5, sqrt(sum), 0.015 * sqrt(sum));
        }
    }
    /* rows below the middle of bone: each side has its range; a wide field */
    for (i = 0; i < NX3 * NY3 * DEEP; i++) v[i] = i / NX3 % NY3 < NY3 / 2 ? 100.0f : 0.0f;
    s.size_y = 4.5, o.most_leak = 0.05;
    CHECK_OK(mv_transport_dose(T, &dose, &r, &ct, &s, 1, &water, &o));
    balance(&r);
    for (k = 0; k < 2; k++) {
        size_t peak = 0;
        const float *row = (const float *)dose.data + (k ? NY3 - 6 : 6) * NX3 + NX3 / 2;
        for (z = 1; z < DEEP; z++)
            if (row[z * NX3 * NY3] > row[peak * NX3 * NY3]) peak = z;
        CHECK_NEAR((double)peak, k ? 21.8 : 17.3, 1.3);
    }
    o.grays = 1; /* of each voxel's own mass */
    CHECK_OK(mv_transport_dose(T, &gray, &r, &ct, &s, 1, &water, &o));
    for (i = 0; i < NX3 * NY3 * DEEP; i++) {
        const double kg = 1e-6 * 1.5 * 1.25 * (v[i] > 50 ? 1.25 : 1.0);
        const double want = ((float *)dose.data)[i] * 1.602176634e-13 / kg;
        CHECK_NEAR(((float *)gray.data)[i], want, 1e-6 * fabs(want) + 1e-30);
    }
    v[(5 * NY3 + 23) * NX3 + 3] = NAN; /* of a row that no spot lights */
    CHECK_STATUS(mv_transport_dose(T, &gray, &r, &ct, &s, 1, &water, &o), MEDVOL_E_RANGE);
    CHECK(strstr(mv_message(T), "x = 3, z = 5, y = 23") != NULL);
    mv_volume_free(T, &ct), mv_volume_free(T, &dose), mv_volume_free(T, &gray);
}
static int stop_at_30(void *user, double done, double total, const char *label) {
    double *last = (double *)user;
    (void)label;
    if (done < last[0] || done > total) last[1]++; /* never back */
    last[0] = done, last[2] = total;
    return last[3] > 0 && done >= last[3];
}
static void box_refused(void) {
    mv_volume dose = {0}, ct;
    mv_spot good = {0}, s[2];
    mv_transport_opt o = {0};
    mv_transport_report r, was;
    mv_ctx stops = T_EMPTY;
    double told[4] = {0, 0, 0, 30}, spread[90];
    begin();
    memset(&r, 1, sizeof r);
    was = r;
    good.beam.energy = 40, good.beam.size = good.size_y = 2;
    o.nx = o.ny = 24;
#define BAD(spots, why)                                                                                      \
    CHECK_STATUS(mv_transport_dose(T, &dose, &r, NULL, spots, 1, &water, &o), why),                          \
        CHECK(!dose.data && memcmp(&r, &was, sizeof r) == 0)
    s[0] = good, s[0].y = 12, BAD(s, MEDVOL_E_RANGE);
    CHECK(strstr(mv_message(T), "spot 0 at y = 12") != NULL);
    s[0] = good, s[0].y = NAN, BAD(s, MEDVOL_E_RANGE);
    s[0] = good, s[0].size_y = -1, BAD(s, MEDVOL_E_RANGE);
    s[0] = good, s[0].size_y = NAN, BAD(s, MEDVOL_E_RANGE);
    s[0] = good, s[0].divergence_y = NAN, BAD(s, MEDVOL_E_RANGE);
    s[0] = good, s[0].divergence_y = 1.5, BAD(s, MEDVOL_E_RANGE);
    s[0] = good, s[0].beam.energy = 251, BAD(s, MEDVOL_E_RANGE);
    s[0] = good, s[0].beam.x = 12, BAD(s, MEDVOL_E_RANGE);
    s[0] = good, s[0].y = 10, BAD(s, MEDVOL_E_RANGE); /* a sixth leaves */
    CHECK(strstr(mv_message(T), "most_leak") != NULL);
    o.dy = NAN, BAD(&good, MEDVOL_E_RANGE);
    o.dy = -1, BAD(&good, MEDVOL_E_RANGE);
    o.dy = 0, o.ny = (size_t)-1, BAD(&good, MEDVOL_E_SIZE);
    o.ny = 24, o.spread = spread, BAD(&good, MEDVOL_E_UNSUPPORTED);
    o.spread = NULL, o.nuclear = -1, BAD(&good, MEDVOL_E_RANGE);
    o.nuclear = 0, o.dz = 1e-3, o.nz = 65537, BAD(&good, MEDVOL_E_SIZE);
    o.dz = 0, o.nz = 0;
    CHECK_STATUS(mv_transport_dose(T, NULL, NULL, NULL, &good, 1, &water, &o), MEDVOL_E_NULL);
    CHECK_STATUS(mv_transport_dose(T, &dose, NULL, NULL, NULL, 1, &water, &o), MEDVOL_E_NULL);
    CHECK_STATUS(mv_transport_dose(T, &dose, NULL, NULL, &good, 1, NULL, &o), MEDVOL_E_NULL);
    CHECK_STATUS(mv_transport_dose(T, &dose, NULL, NULL, &good, 0, &water, &o), MEDVOL_E_SIZE);
    CHECK_STATUS(mv_transport_dose(T, &dose, NULL, NULL, &good, 65537, &water, &o), MEDVOL_E_SIZE);
    stops.desc.progress = stop_at_30, stops.desc.progress_user = told;
    s[0] = s[1] = good, s[1].y = 1; /* two planes of 19: in the second */
    CHECK(mv_transport_dose(&stops, &dose, NULL, NULL, s, 2, &water, &o) == MEDVOL_E_CANCELLED && !dose.data);
    CHECK(told[0] == 30 && told[1] == 0 && told[2] == 38);
    told[0] = told[3] = 0;
    CHECK_OK(mv_transport_dose(&stops, &dose, NULL, NULL, s, 2, &water, &o));
    CHECK(told[0] == 38 && told[1] == 0);
    good.beam.size = good.size_y = 0.5; /* what follows is of the shapes */
    ct = a_block(8, 9, 12, 1, 1, 1);
    CHECK_STATUS(mv_transport_dose(T, &dose, NULL, &ct, &good, 1, &water, &o), MEDVOL_E_SHAPE);
    ct.affine[6] = 0.002; /* z leans along y, as under a tilted gantry */
    CHECK_STATUS(mv_transport_dose(T, &dose, NULL, &ct, &good, 1, &water, &o), MEDVOL_E_UNSUPPORTED);
    CHECK(strstr(mv_message(T), "axes 1 and 2 of ct are not at right angles") != NULL);
    ct.affine[6] = 0.0005;
    CHECK_STATUS(mv_transport_dose(T, &dose, NULL, &ct, &good, 1, &water, &o), MEDVOL_E_SHAPE);
    CHECK_STATUS(mv_transport_dose(T, &ct, NULL, &ct, &good, 1, &water, &o), MEDVOL_E_ALIAS);
    CHECK_STATUS(mv_transport_march(T, &dose, NULL, &ct, &good.beam, 1, &water, &o), MEDVOL_E_SHAPE);
    mv_volume_free(T, &ct), mv_volume_free(&stops, &dose);
#undef BAD
}
/* several beams are the sum of each; symmetric; bits and levels */
static void beams(void) {
    static float first[48 * 60];
    mv_volume d[3] = {{0}, {0}, {0}};
    mv_beam b[2];
    mv_transport_opt o = {0};
    double most = 0;
    size_t i;
    int k;
    begin();
    memset(b, 0, sizeof b);
    b[0].energy = 70, b[0].size = 3, b[0].x = -6.3, b[0].spread = 0.7, b[0].weight = 2;
    b[1] = b[0], b[1].x = 6.3;
    o.nx = 48, o.nz = 60, o.angles = 51;
    CHECK_OK(mv_transport_march(T, &d[0], NULL, NULL, b, 2, &water, &o));
    CHECK_OK(mv_transport_march(T, &d[1], NULL, NULL, b, 1, &water, &o));
    CHECK_OK(mv_transport_march(T, &d[2], NULL, NULL, b + 1, 1, &water, &o));
    for (i = 0; i < 48 * 60; i++) most = fmax(most, ((float *)d[0].data)[i]);
    for (i = 0; i < 48 * 60; i++) {
        const double v = ((float *)d[0].data)[i],
                     s = ((float *)d[1].data)[i] + (double)((float *)d[2].data)[i];
        CHECK_NEAR(v, s, 2e-5 * most);
        CHECK_NEAR(v, ((float *)d[0].data)[i / 48 * 48 + 47 - i % 48], 2e-6 * most);
        CHECK(v >= 0);
    }
    { /* another level and number of threads than the case's */
        const int level = mv_level();
        memcpy(first, d[0].data, sizeof first);
        for (k = 1; k <= level; k++) {
            mv_level_force(k);
            CHECK_OK(mv_transport_march(T_NONE, &d[0], NULL, NULL, b, 2, &water, &o));
            if (k == level) CHECK(memcmp(first, d[0].data, sizeof first) == 0);
            for (i = 0; i < 48 * 60; i++) CHECK_NEAR(((float *)d[0].data)[i], first[i], 2e-6 * most);
        }
        mv_level_force(level);
    }
    for (k = 0; k < 3; k++) mv_volume_free(T, &d[k]);
}
static int stop_at_5(void *user, double done, double total, const char *label) {
    (void)user, (void)total, (void)label;
    return done >= 5;
}
/* The four taps of a CT: how far doses fall below 0, as the manual says */
static void below_zero(void) {
    static const double most[3] = {0.05, 0.02, 1e-3};
    mv_volume dose = {0}, ct;
    mv_beam b = {0};
    mv_transport_opt o = {0};
    size_t i;
    int k;
    begin();
    ct = a_ct(40, 60, 1, 1);
    fill(&ct, 1000, 10, 15);
    fill(&ct, -700, 15, 22);
    fill(&ct, 40, 22, 60);
    for (i = 22 * 40; i < 60 * 40; i++)
        if (i % 40 < 20) ((float *)ct.data)[i] = 1200;
    b.energy = 70, b.size = 2, o.angles = 51, o.most_leak = 0.1;
    for (k = 0; k < 3; k++) {
        double least = 0;
        o.fine = (size_t)1 << k;
        CHECK_OK(mv_transport_march(T, &dose, NULL, &ct, &b, 1, &water, &o));
        for (i = 0; i < 40 * 60; i++) least = fmin(least, ((float *)dose.data)[i]);
        CHECK(least >= -most[k]);
        mv_volume_free(T, &dose);
    }
    mv_volume_free(T, &ct);
}
/* Straggling over a bin^2 a step is refused, not cut (water) or blown up (CT); close to it all is right. */
static void straggles(void) {
    static const double air[2] = {0.5, 2}, hu[2] = {0, 1000};
    mv_volume dose = {0}, ct, small;
    mv_beam b = {0};
    mv_spot spot = {{0}, 0, 0, 0};
    mv_transport_opt o = {0};
    mv_transport_report r, was;
    mv_depth_dose_measures m;
    double least = 0;
    size_t i;
    int k;
    begin();
    memset(&r, 1, sizeof r);
    was = r;
    b.energy = 150, b.size = 3;
    o.nx = 64, o.angles = 51, o.fine = 8;
    CHECK_STATUS(mv_transport_march(T, &dose, &r, NULL, &b, 1, &water, &o), MEDVOL_E_RANGE);
    CHECK(strcmp(T->error.field, "fine") == 0 && T->error.value > 2 && T->error.value < 3.2);
    CHECK(strstr(mv_message(T), "fine = 8") && strstr(mv_message(T), "larger dz"));
    ct = a_ct(64, 180, 1, 1);
    CHECK_STATUS(mv_transport_march(T, &dose, &r, &ct, &b, 1, &water, &o), MEDVOL_E_RANGE);
    CHECK(strcmp(T->error.field, "fine") == 0 && !dose.data && memcmp(&r, &was, sizeof r) == 0);
    o.csda = 1; /* none of it: any fineness */
    o.nz = 20, o.most_leak = 1;
    CHECK_OK(mv_transport_march(T, &dose, &r, NULL, &b, 1, &water, &o));
    mv_volume_free(T, &dose);
    mv_volume_free(T, &ct);
    /* a CT's power counts: fine 6 is well in water, not in twice its power */
    ct = a_ct(40, 85, 1, 1);
    memset(&o, 0, sizeof o);
    o.angles = 51, o.fine = 6, o.most_leak = 0.05, b.energy = 100, b.size = 2;
    CHECK_OK(mv_transport_march(T, &dose, &r, &ct, &b, 1, &water, &o));
    balance(&r);
    CHECK_OK(mv_depth_dose(T, NULL, NULL, &m, &dose));
    CHECK_NEAR(m.r80, 77.17, 0.2);
    CHECK_NEAR(r.energy[MEDVOL_TRANSPORT_STOPPED], 100, 0.5);
    for (i = 0; i < 40 * 85; i++) least = fmin(least, ((float *)dose.data)[i]);
    CHECK(least > -0.01);
    o.hu = hu, o.power = air, o.ratio = air, o.points = 2;
    fill(&ct, 1000, 5, 6);
    CHECK_STATUS(mv_transport_march(T, &dose, &r, &ct, &b, 1, &water, &o), MEDVOL_E_RANGE);
    CHECK(strcmp(T->error.field, "fine") == 0);
    mv_volume_free(T, &dose), mv_volume_free(T, &ct);
    /* the volume's, with and without a CT */
    memset(&o, 0, sizeof o);
    o.nx = o.ny = 8, o.fine = 8, o.nz = 5, o.most_leak = 1;
    spot.beam = b, spot.size_y = 3;
    CHECK_STATUS(mv_transport_dose(T, &dose, &r, NULL, &spot, 1, &water, &o), MEDVOL_E_RANGE);
    CHECK(strcmp(T->error.field, "fine") == 0);
    small = a_block(8, 8, 5, 1, 1, 1);
    CHECK_STATUS(mv_transport_dose(T, &dose, &r, &small, &spot, 1, &water, &o), MEDVOL_E_RANGE);
    CHECK(strcmp(T->error.field, "fine") == 0 && !dose.data);
    mv_volume_free(T, &small);
    for (k = 0; k < 6; k++) { /* what is in use stays: steps, fineness, energy */
        static const double dz[6] = {0.5, 0.5, 1, 1, 4, 1}, e[6] = {150, 70, 150, 70, 150, 250};
        static const size_t fine[6] = {2, 4, 4, 4, 4, 2};
        memset(&o, 0, sizeof o);
        o.dz = dz[k], o.fine = fine[k], o.angles = 51, o.nz = 3, o.nx = 32, o.dx = 2, b.energy = e[k];
        CHECK_OK(mv_transport_march(T, &dose, &r, NULL, &b, 1, &water, &o));
        balance(&r);
    }
    mv_volume_free(T, &dose);
}
/* many beams of one place are one of their weight: adding loses nothing; shares that underflow are none */
static void many(void) {
    enum { MANY = 20000 };
    static mv_beam b[MANY];
    mv_volume dose[2] = {{0}, {0}};
    mv_spot s = {{0}, 0, 0, 0};
    mv_transport_opt o = {0};
    mv_transport_report r[2];
    size_t i;
    begin();
    memset(b, 0, sizeof b);
    for (i = 0; i < MANY; i++) b[i].energy = 20, b[i].size = 1, b[i].weight = 1;
    o.nx = 8, o.nz = 6, o.angles = 5, o.most_leak = 1;
    CHECK_OK(mv_transport_march(T, dose, r, NULL, b, MANY, &water, &o));
    balance(r);
    b[0].weight = MANY;
    CHECK_OK(mv_transport_march(T, dose + 1, r + 1, NULL, b, 1, &water, &o));
    balance(r + 1);
    for (i = 0; i < 8 * 6; i++)
        CHECK_NEAR(((float *)dose[0].data)[i], ((float *)dose[1].data)[i], 5e-7 * ((float *)dose[1].data)[i]);
    mv_volume_free(T, dose), mv_volume_free(T, dose + 1);
    s.beam = b[0], s.beam.weight = 1e-320, s.size_y = 1, o.ny = 8;
    dose[0] = a_block(8, 8, 6, 1, 1, 1);
    (void)mv_transport_dose(T, dose + 1, r, dose, &s, 1, &water, &o);
    CHECK(!dose[1].data || largest(dose + 1) < 1e-30);
    mv_volume_free(T, dose), mv_volume_free(T, dose + 1);
}
/* All may leave where most_leak is 1, also where shares of sum 1 are above it by rounding. */
static void all_leaves(void) {
    int turn;
    begin();
    for (turn = 0; turn < 300; turn += 6) {
        mv_volume dose = {0};
        mv_beam b = {0};
        mv_transport_opt o = {0};
        mv_transport_report r;
        b.energy = 30 + 0.5 * turn, b.size = turn % 4, b.divergence = turn % 7 ? 0 : 0.5;
        o.nx = 4 + (size_t)turn % 5, o.nz = 6, o.angles = 3, o.dangle = 1e-4, o.most_leak = 1;
        CHECK_OK(mv_transport_march(T, &dose, &r, NULL, &b, 1, &water, &o));
        balance(&r);
        mv_volume_free(T, &dose);
    }
}
/* Ranges beyond the table's end would deposit nothing at first: refused; its last energy alone is not. */
static void last_energy(void) {
    mv_volume dose = {0};
    mv_beam b[2];
    mv_transport_opt o = {0};
    mv_transport_report r;
    mv_depth_dose_measures m;
    double curve[3], want;
    begin();
    memset(b, 0, sizeof b);
    b[0].energy = b[1].energy = 240, b[0].size = b[1].size = 3;
    b[1].spread = 5;
    o.nx = 32, o.dx = 2, o.nz = 3, o.straight = o.csda = 1;
    CHECK_STATUS(mv_transport_march(T, &dose, &r, NULL, b, 2, &water, &o), MEDVOL_E_RANGE);
    CHECK(strcmp(T->error.field, "beam.spread") == 0 && strstr(mv_message(T), "beam 1: 240 +- 5") != NULL);
    b[1].energy = 249.999, b[1].spread = 0.001;
    CHECK_STATUS(mv_transport_march(T, &dose, &r, NULL, b, 2, &water, &o), MEDVOL_E_RANGE);
    b[1].energy = 240, b[1].spread = 1.5;
    CHECK_OK(mv_transport_march(T, &dose, &r, NULL, b, 2, &water, &o));
    balance(&r);
    b[1].energy = 250, b[1].spread = 0, b[0].weight = 1.5; /* its range is between two bins */
    CHECK_OK(mv_transport_march(T, &dose, &r, NULL, b, 2, &water, &o));
    CHECK_OK(mv_depth_dose(T, curve, NULL, &m, &dose));
    want = 1.5 * (240 - energy_of(range_of(240) - 0.1)) + 250 - energy_of(range_of(250) - 0.1);
    CHECK_NEAR(curve[0], want, 2e-4 * want);
    mv_volume_free(T, &dose);
}
static void march_refused(void) {
    mv_volume dose = {0}, ct;
    mv_beam good = {0}, b;
    mv_transport_opt o = {0};
    mv_transport_report r, was;
    mv_depth_dose_measures m;
    double spread[180];
    size_t i;
    static const double down[2] = {5, 4}, two[2] = {1, 1};
    mv_ctx stops = T_EMPTY;
    begin();
    memset(&r, 1, sizeof r);
    was = r;
    for (i = 0; i < 180; i++) spread[i] = 7;
    good.energy = 70, good.size = 3;
    o.nz = 60;
#define BAD(beam, why)                                                                                       \
    o.spread = spread;                                                                                       \
    CHECK_STATUS(mv_transport_march(T, &dose, &r, NULL, beam, 1, &water, &o), why);                          \
    CHECK(!dose.data && memcmp(&r, &was, sizeof r) == 0 && spread[0] == 7 && spread[179] == 7);              \
    o.spread = NULL
    b = good, b.energy = 251, BAD(&b, MEDVOL_E_RANGE);
    b = good, b.energy = NAN, BAD(&b, MEDVOL_E_RANGE);
    b = good, b.energy = 0.001, BAD(&b, MEDVOL_E_RANGE);
    b = good, b.x = 33, BAD(&b, MEDVOL_E_RANGE);
    CHECK(strstr(mv_message(T), "misses") != NULL);
    b = good, b.x = NAN, BAD(&b, MEDVOL_E_RANGE);
    b = good, b.angle = 0.5, BAD(&b, MEDVOL_E_RANGE);
    b = good, b.weight = -1, BAD(&b, MEDVOL_E_RANGE);
    b = good, b.spread = NAN, BAD(&b, MEDVOL_E_RANGE);
    b = good, b.x = 30, BAD(&b, MEDVOL_E_RANGE); /* half of it leaves */
    CHECK(strstr(mv_message(T), "sides") != NULL);
    o.nz = 0, BAD(&good, MEDVOL_E_RANGE); /* how many planes spread has is not known */
    CHECK(strstr(mv_message(T), "spread needs nz") != NULL);
    o.nz = 60;
    o.angles = 11, BAD(&good, MEDVOL_E_RANGE);
    CHECK(strstr(mv_message(T), "angles") != NULL);
    o.angles = 4, BAD(&good, MEDVOL_E_RANGE);
    o.angles = 301, BAD(&good, MEDVOL_E_RANGE);
    o.angles = 0, o.dx = -1, BAD(&good, MEDVOL_E_RANGE);
    o.dx = 0, o.dz = NAN, BAD(&good, MEDVOL_E_RANGE);
    o.dz = 0, o.dangle = 9.9e-5, BAD(&good, MEDVOL_E_RANGE);
    CHECK(strstr(mv_message(T), "1e-4 or more") != NULL);
    o.dangle = 1e-300, BAD(&good, MEDVOL_E_RANGE);
    o.dangle = NAN, BAD(&good, MEDVOL_E_RANGE);
    o.dangle = 0;
    o.dz = 0, o.nx = (size_t)-1, BAD(&good, MEDVOL_E_SIZE);
    o.nx = 0, o.fine = 1000, BAD(&good, MEDVOL_E_SIZE);
    o.fine = 0, o.most_leak = 2, BAD(&good, MEDVOL_E_RANGE);
    o.most_leak = 0, o.shift = (mv_transport_shift)7, BAD(&good, MEDVOL_E_RANGE);
    o.shift = MEDVOL_SHIFT_LIMITED, o.hu = down, BAD(&good, MEDVOL_E_NULL);
    o.power = two, o.ratio = two, o.points = 2, BAD(&good, MEDVOL_E_RANGE);
    o.points = 1, BAD(&good, MEDVOL_E_SIZE);
    memset(&o, 0, sizeof o);
    CHECK_STATUS(mv_transport_march(T, NULL, NULL, NULL, &good, 1, &water, &o), MEDVOL_E_NULL);
    CHECK_STATUS(mv_transport_march(T, &dose, NULL, NULL, NULL, 1, &water, &o), MEDVOL_E_NULL);
    CHECK_STATUS(mv_transport_march(T, &dose, NULL, NULL, &good, 1, NULL, &o), MEDVOL_E_NULL);
    CHECK_STATUS(mv_transport_march(T, &dose, NULL, NULL, &good, 0, &water, &o), MEDVOL_E_SIZE);
    stops.desc.progress = stop_at_5;
    CHECK(mv_transport_march(&stops, &dose, NULL, NULL, &good, 1, &water, &o) == MEDVOL_E_CANCELLED &&
          !dose.data);
    ct = a_ct(8, 8, 1, 1);
    CHECK_STATUS(mv_transport_march(T, &ct, NULL, &ct, &good, 1, &water, &o), MEDVOL_E_ALIAS);
    b = good, b.energy = 20, b.size = 1; /* steps of diffusion: what cannot be left is not waited for */
    o.dangle = 1e-4, o.angles = 3, o.most_leak = 1;
    CHECK_OK(mv_transport_march(T, &dose, &r, &ct, &b, 1, &water, &o));
    balance(&r);
    CHECK(r.weight[MEDVOL_TRANSPORT_ANGLES] > 0.99);
    mv_volume_free(T, &dose);
    o.dangle = 2e-4, o.angles = 4001;
    CHECK_STATUS(mv_transport_march(T, &dose, &r, &ct, &b, 1, &water, &o), MEDVOL_E_RANGE);
    CHECK(strstr(mv_message(T), "steps of diffusion") != NULL && !dose.data);
    o.dangle = 0.0017453292519943, o.angles = 501; /* a tenth of a degree is not refused */
    CHECK_OK(mv_transport_march(T, &dose, NULL, &ct, &b, 1, &water, &o));
    mv_volume_free(T, &dose);
    memset(&o, 0, sizeof o);
    ct.dim[1] = 8, ct.dim[2] = 1;
    CHECK_STATUS(mv_transport_march(T, &dose, NULL, &ct, &good, 1, &water, &o), MEDVOL_E_SHAPE);
    CHECK_STATUS(mv_depth_dose(T, NULL, NULL, &m, &ct), MEDVOL_E_SHAPE);
    ct.dim[1] = 1, ct.dim[2] = 8;
    CHECK_STATUS(mv_depth_dose(T, NULL, NULL, &m, &ct), MEDVOL_E_EMPTY);
    CHECK_STATUS(mv_depth_dose(T, NULL, NULL, NULL, &ct), MEDVOL_E_NULL);
    ((float *)ct.data)[3] = NAN;
    CHECK_STATUS(mv_depth_dose(T, NULL, NULL, &m, &ct), MEDVOL_E_RANGE);
    mv_volume_free(T, &ct);
#undef BAD
}
/* a triangle with a known parabola, falls and width */
static void measures(void) {
    static const float curve[8] = {1, 2, 4, 8, 10, 8, 2, 0};
    mv_volume d = a_ct(2, 8, 1, 2);
    mv_depth_dose_measures m;
    double c[8], s[8];
    size_t i;
    for (i = 0; i < 8; i++) ((float *)d.data)[2 * i] = ((float *)d.data)[2 * i + 1] = 0.5f * curve[i];
    CHECK_OK(mv_depth_dose(T, c, s, &m, &d));
    for (i = 0; i < 8; i++) CHECK(c[i] == curve[i]);
    CHECK_NEAR(s[3], 0.5, 1e-12);
    CHECK(m.entrance == 1 && m.peak == 10 && m.peak_depth == 9 && m.total == 35);
    CHECK_NEAR(m.r90, 2 * (4.5 + 0.5), 1e-12);
    CHECK_NEAR(m.r80, 2 * (5 + 0.5), 1e-12);
    CHECK_NEAR(m.r20, 2 * (6 + 0.5), 1e-12);
    CHECK_NEAR(m.fwhm, 2 * (5.5 - 2.25), 1e-12);
    mv_volume_free(T, &d);
}

/* peaks above every sample: what is asked of above them is on the parabola, never outside its interval */
static void flat_peaks(void) {
    static const float c[5][4] = {
        {0, 10, 10, 0}, {0, 10, 9.99f, 0}, {0, 9.99f, 10, 0}, {9.99f, 10, 0, 0}, {-900, 1000, 1000, -900}};
    mv_volume d = a_ct(1, 4, 1, 2);
    mv_depth_dose_measures m;
    int k, i, j;
    for (k = 0; k < 5; k++) {
        const float *v = c[k];
        double y0, y1, y2, bend, lean, want[3];
        memcpy(d.data, c[k], sizeof c[k]);
        CHECK_OK(mv_depth_dose(T, NULL, NULL, &m, &d));
        for (j = 1, i = 1; i < 4; i++)
            if (v[i] > v[j]) j = i;
        y0 = v[j - 1], y1 = v[j], y2 = v[j + 1];
        bend = y0 - 2 * y1 + y2, lean = y2 - y0;
        CHECK_NEAR(m.peak, y1 - lean * lean / (8 * bend), 1e-9 * m.peak);
        for (i = 0; i < 3; i++) { /* by small steps along the parabola, then the lines */
            const double at = (i == 0 ? 0.9 : i == 1 ? 0.8 : 0.2) * m.peak;
            double t;
            for (t = -0.5 * lean / bend; t < 3; t += 1e-5) {
                const double u = j + fmax(t, 0);
                const int n = u < 3 ? (int)u : 2;
                if (at <= y1 && t < 0) continue;
                if (at > y1 ? y1 + 0.5 * lean * t + 0.5 * bend * t * t < at
                            : v[n] + (u - n) * (v[n + 1] - v[n]) < at)
                    break;
            }
            want[i] = 2 * (j + t + 0.5);
        }
        CHECK_NEAR(m.r90, want[0], 1e-4);
        CHECK_NEAR(m.r80, want[1], 1e-4);
        CHECK_NEAR(m.r20, want[2], 1e-4);
        CHECK(m.r90 >= m.peak_depth && m.r90 <= m.r80 && m.r80 <= m.r20 && m.r20 <= 8);
        CHECK(k == 3 ? m.fwhm != m.fwhm : m.fwhm > 0 && m.fwhm < 8);
    }
    mv_volume_free(T, &d);
}

/* ---- a step in energy, angle, z and x, against plain loops in double that send instead of gathering ---- */
enum { NX = 21, NZ = 9, NA = 23, NE = 12, CELLS = NX * NZ * NA * NE };
static double state[CELLS], turned[CELLS], moved[CELLS], slowed[CELLS], got_dose[NX * NZ];
static size_t cell(int e, int j, int z, int x) {
    return (((size_t)e * NA + (size_t)j) * NZ + (size_t)z) * NX + (size_t)x;
}
static void turn_step(const mv_transport_grid *g, double way, const double *from, double *to, int strang) {
    int e, j, k, i;
    memset(to, 0, sizeof turned);
    for (e = 0; e < NE; e++) {
        const double r = range_of(g->energy[e]), cm = 0.1 * way;
        double at = r - 0.5 * cm > 0.5 * r ? r - 0.5 * cm : 0.5 * r, power, tap[NA];
        at = strang ? g->energy[e] : energy_of(at);
        CHECK_OK(mv_scattering_power(T, &power, &water, &at, 1, g->energy[NE - 1], MEDVOL_SCATTER_MOLIERE));
        power *= (cm < r ? cm : r) / (g->dangle * g->dangle);
        CHECK_OK(mv_gaussian_discrete(T, tap, NA, strang ? 0.5 * power : power));
        for (j = 0; j < NA; j++)
            for (k = 0; k < NA; k++)
                for (i = 0; i < NZ * NX; i++)
                    to[cell(e, k, 0, 0) + (size_t)i] += tap[abs(j - k)] * from[cell(e, j, 0, 0) + (size_t)i];
    }
}
static double slow_step(const mv_transport_grid *g, double way, int strang) { /* returns what left */
    double left = 0;
    int e, j, k, z, x;
    turn_step(g, way, state, turned, strang);
    memset(moved, 0, sizeof moved), memset(slowed, 0, sizeof slowed);
    memset(got_dose, 0, sizeof got_dose);
    for (e = 0; e < NE; e++) {
        const double r = range_of(g->energy[e]), cm = 0.1 * way, low = range_of(g->cutoff);
        double after = 0, u = 0;
        int to = -1;
        if (r - cm > low) {
            after = energy_of(r - cm);
            for (to = 0; g->energy[to + 1] <= after; to++) {}
            u = (after - g->energy[to]) / (g->energy[to + 1] - g->energy[to]);
        }
        for (j = 0; j < NA; j++) {
            const double a = g->angle + j * g->dangle, dx = way * sin(a) / g->dx, dz = way * cos(a) / g->dz;
            const int ix = (int)floor(dx), iz = (int)floor(dz);
            if (cos(a) <= 1e-12) {
                for (z = 0; z < NZ * NX; z++) left += turned[cell(e, j, 0, 0) + (size_t)z];
                continue;
            }
            for (z = 0; z < NZ; z++)
                for (x = 0; x < NX; x++)
                    for (k = 0; k < 4; k++) {
                        const int tz = z + iz + k / 2, tx = x + ix + k % 2;
                        const double w = (k / 2 ? dz - iz : 1 - (dz - iz)) *
                                         (k % 2 ? dx - ix : 1 - (dx - ix)) * turned[cell(e, j, z, x)];
                        if (tz < 0 || tz >= NZ || tx < 0 || tx >= NX) left += w;
                        else moved[cell(e, j, tz, tx)] += w;
                    }
            for (z = 0; z < NZ; z++)
                for (x = 0; x < NX; x++) {
                    const double w = moved[cell(e, j, z, x)];
                    got_dose[z * NX + x] += w * (to < 0 ? g->energy[e] : g->energy[e] - after);
                    if (to < 0) continue;
                    slowed[cell(to, j, z, x)] += w * (1 - u);
                    slowed[cell(to + 1, j, z, x)] += w * u;
                }
        }
    }
    if (strang) turn_step(g, way, memcpy(moved, slowed, sizeof moved), slowed, 1);
    return left;
}
/* variance of angles behind 48 mm in `count` steps, without its error in space: ranges at equal steps */
static double turned_by(int count, int strang) {
    enum { N = 14, A = 161 };
    static float psi[N * A * 9];
    double energy[N], dose[9], ends[2], sum[2] = {0, 0};
    mv_transport_grid g;
    mv_transport_step_opt o;
    size_t i, j, e;
    int k;
    memset(&g, 0, sizeof g), memset(&o, 0, sizeof o);
    memset(psi, 0, sizeof psi), memset(dose, 0, sizeof dose);
    ends[1] = 100, ends[0] = energy_of(range_of(100) - 0.4 * (N - 1));
    CHECK_OK(mv_transport_energies(T, energy, N, ends[0], ends[1], 2, &water));
    g.nx = g.nz = 3, g.angles = A, g.energies = N, g.dx = g.dz = 1000, g.dangle = 0.004;
    g.angle = -0.004 * (A / 2), g.energy = energy, g.cutoff = energy[0];
    o.strang = strang, o.scatter = MEDVOL_SCATTER_ROSSI;
    psi[((N - 1) * A + A / 2) * 9 + 1] = 1;
    for (k = 0; k < count; k++)
        CHECK_OK(mv_transport_step(T, psi, dose, NULL, &g, &water, 48.0 / count, &o));
    for (e = 0; e < N; e++)
        for (j = 0; j < A; j++)
            for (i = 0; i < 9; i++) {
                const double w = psi[(e * A + j) * 9 + i], a = g.angle + (double)j * g.dangle;
                sum[0] += w, sum[1] += w * a * a;
            }
    CHECK_NEAR(sum[0], 1, 1e-4);
    return sum[1] / sum[0];
}
static void step_order(void) {
    double miss[3], want = 0;
    int k, n, strang;
    begin();
    for (n = 0; n < 20000; n++) {
        double e = energy_of(range_of(100) - 4.8 * (n + 0.5) / 20000), p;
        CHECK_OK(mv_scattering_power(T, &p, &water, &e, 1, 100, MEDVOL_SCATTER_ROSSI));
        want += p * 4.8 / 20000;
    }
    for (strang = 0; strang < 2; strang++) {
        for (k = 0; k < 3; k++) miss[k] = turned_by(3 << k, strang) / want - 1;
        if (getenv("SHOW")) printf("strang %d: %g %g %g\n", strang, miss[0], miss[1], miss[2]);
        CHECK(fabs(miss[0]) > 3.3 * fabs(miss[1]) && fabs(miss[1]) > 3.3 * fabs(miss[2]));
        CHECK(fabs(miss[0]) < 0.1 && fabs(miss[2]) > 1e-4);
    }
}
static float psi[CELLS], first[CELLS], begun[CELLS];
static double dose[NX * NZ], dose2[NX * NZ], energy[NE];
static void step_begin(mv_transport_grid *g, int axis) {
    size_t i;
    begin();
    memset(g, 0, sizeof *g);
    g->nx = NX, g->nz = NZ, g->angles = NA, g->energies = NE;
    g->dx = 1.5, g->dz = 2, g->dangle = 0.2, g->angle = -0.2 * 11, g->energy = energy, g->cutoff = 8;
    CHECK_OK(mv_transport_energies(T, energy, NE, 6, 60, axis, &water));
    CHECK(energy[0] == 6 && energy[NE - 1] == 60);
    t_seed(7 + (uint64_t)axis);
    for (i = 0; i < CELLS; i++) state[i] = begun[i] = psi[i] = (float)t_uniform(0, 1);
    for (i = 0; i < NX * NZ; i++) dose[i] = 1;
}
/* one step against the plain loops, then each level against this one */
static void step_equal(const mv_transport_grid *g, int strang) {
    mv_transport_step_opt o = {0};
    mv_transport_report r, r2;
    double most = 0, most_dose = 0;
    const int level = mv_level();
    size_t i;
    int k;
    o.strang = strang;
    slow_step(g, 1.3, strang);
    CHECK_OK(mv_transport_step(T, psi, dose, &r, g, &water, 1.3, &o));
    balance(&r);
    CHECK_NEAR(r.weight[0], CELLS / 2.0, 0.02 * CELLS);
    for (i = 0; i < CELLS; i++) most = fmax(most, slowed[i]);
    for (i = 0; i < NX * NZ; i++) most_dose = fmax(most_dose, got_dose[i]);
    for (i = 0; i < CELLS; i++) CHECK_NEAR(psi[i], slowed[i], 1e-6 * most);
    for (i = 0; i < NX * NZ; i++) CHECK_NEAR(dose[i] - 1, got_dose[i], 1e-6 * most_dose);
    memcpy(first, psi, sizeof psi);
    for (k = 1; k <= level; k++) { /* one thread; without a report */
        mv_level_force(k);
        memcpy(psi, begun, sizeof psi);
        for (i = 0; i < NX * NZ; i++) dose2[i] = 1;
        CHECK_OK(mv_transport_step(T_NONE, psi, dose2, k % 2 ? &r2 : NULL, g, &water, 1.3, &o));
        for (i = 0; i < CELLS; i++) CHECK_NEAR(psi[i], first[i], 2e-6 * most);
        for (i = 0; i < NX * NZ; i++) CHECK_NEAR(dose[i], dose2[i], 2e-6 * most_dose);
        if (k != level) continue;
        CHECK(memcmp(psi, first, sizeof psi) == 0 && memcmp(dose, dose2, sizeof dose) == 0);
        if (k % 2) CHECK(memcmp(&r, &r2, sizeof r) == 0);
    }
    mv_level_force(level);
}
static void steps(void) {
    mv_transport_grid g;
    int axis, strang;
    for (axis = 0; axis < 3; axis++)
        for (strang = 0; strang < 2; strang++) step_begin(&g, axis), step_equal(&g, strang);
}
/* all choices: each balances, over twenty steps; backward weight is where it should be */
static void step_backward(void) {
    mv_transport_grid g;
    mv_transport_report r;
    double w;
    int axis, j, k, n;
    size_t i;
    for (axis = 0; axis < 3; axis++)
        for (k = 0; k < 3; k++) {
            mv_transport_step_opt o = {0};
            step_begin(&g, axis);
            o.strang = 1, o.backward = (mv_backward)k;
            for (n = 0; n < 20; n++)
                CHECK_OK(mv_transport_step(T, psi, dose, &r, &g, &water, 0.7, &o)), balance(&r);
            /* without its last half no angle is left that is given up: REJECT from 91.7 degrees on, CAP from
               126, ALLOW from 103; the angle before is there */
            memcpy(psi, begun, sizeof psi);
            o.strang = 0;
            CHECK_OK(mv_transport_step(T, psi, dose, &r, &g, &water, 0.7, &o));
            CHECK(r.weight[MEDVOL_TRANSPORT_CUT] > 1);
            for (j = 0; j < NA; j++) {
                const int off = abs(j - 11), gone = off > (k == 0 ? 7 : k == 1 ? 10 : 8);
                for (w = 0, i = 0; i < NX * NZ; i++) w += psi[cell(9, j, 0, 0) + i];
                CHECK(gone ? w == 0 : w > 1);
            }
        }
}
/* sinks are a step's own: with those of the step before they do not balance */
static void step_sinks(void) {
    mv_transport_grid g;
    mv_transport_report r, r2;
    double w;
    int k;
    step_begin(&g, 2);
    CHECK_OK(mv_transport_step(T, psi, dose, &r, &g, &water, 0.7, NULL));
    CHECK_OK(mv_transport_step(T, psi, dose, &r2, &g, &water, 0.7, NULL));
    balance(&r2);
    CHECK_NEAR(r2.weight[MEDVOL_TRANSPORT_IN], r.weight[MEDVOL_TRANSPORT_BACK], 1e-9 * r.weight[0]);
    for (w = r2.weight[MEDVOL_TRANSPORT_IN], k = 1; k < MEDVOL_TRANSPORT_SINKS; k++)
        w -= r2.weight[k] + (k == MEDVOL_TRANSPORT_BACK ? 0 : r.weight[k]);
    CHECK(fabs(w) > 1e-3 * r.weight[0]);
}
/* straight on: a beam slows as ranges say; a whole cell a step stays a cell */
static void step_straight(void) {
    mv_transport_grid g;
    mv_transport_step_opt o = {0};
    double w = 0, e = 0;
    int k;
    step_begin(&g, 0);
    memset(psi, 0, sizeof psi), memset(dose, 0, sizeof dose);
    psi[cell(NE - 1, 11, 0, 10)] = 1;
    o.straight = 1;
    CHECK_OK(mv_transport_step(T, psi, dose, NULL, &g, &water, 2.0, &o));
    for (k = 0; k < NE; k++) w += psi[cell(k, 11, 1, 10)], e += psi[cell(k, 11, 1, 10)] * energy[k];
    CHECK_NEAR(w, 1, 1e-6);
    CHECK_NEAR(e, energy_of(range_of(60) - 0.2), 1e-4);
    CHECK_NEAR(dose[NX + 10], 60 - e, 1e-4);
}
static void step_refused(void) { /* nothing touched */
    mv_transport_grid g;
    mv_transport_step_opt o = {0};
    mv_transport_report r;
    step_begin(&g, 0);
    o.straight = 1;
    memcpy(first, psi, sizeof psi);
    memcpy(dose2, dose, sizeof dose);
#define BAD(change, back, why)                                                                             \
    change;                                                                                                \
    CHECK_STATUS(mv_transport_step(T, psi, dose, &r, &g, &water, 1.0, &o), why);                           \
    back
    BAD(g.nx = 0, g.nx = NX, MEDVOL_E_SIZE);
    BAD(g.angles = (size_t)-1, g.angles = NA, MEDVOL_E_SIZE);
    BAD(g.energies = 1, g.energies = NE, MEDVOL_E_SIZE);
    BAD(g.dx = -1, g.dx = 1.5, MEDVOL_E_RANGE);
    BAD(g.dz = NAN, g.dz = 2, MEDVOL_E_RANGE);
    BAD(g.dangle = 0, g.dangle = 0.2, MEDVOL_E_RANGE);
    BAD(g.dangle = 9e-5, g.dangle = 0.2, MEDVOL_E_RANGE);
    energy[0] = g.cutoff = 0.1, o.straight = 0, o.scatter = MEDVOL_SCATTER_ROSSI;
    BAD(g.dangle = 1e-4, (energy[0] = 6, g.cutoff = 8, g.dangle = 0.2), MEDVOL_E_RANGE);
    CHECK(strstr(mv_message(T), "a variance of") != NULL);
    g.angle = -0.2 * 11;
    BAD(g.cutoff = 5, g.cutoff = 8, MEDVOL_E_RANGE);
    BAD(g.energy = NULL, g.energy = energy, MEDVOL_E_NULL);
    BAD(energy[3] = 400, energy[3] = 20, MEDVOL_E_RANGE);
    BAD(energy[3] = energy[2], energy[3] = 20, MEDVOL_E_RANGE);
    BAD(o.backward = (mv_backward)5, memset(&o, 0, sizeof o), MEDVOL_E_RANGE);
#undef BAD
    CHECK_STATUS(mv_transport_step(T, psi, dose, &r, &g, &water, -1.0, &o), MEDVOL_E_RANGE);
    CHECK_STATUS(mv_transport_step(T, psi, dose, &r, &g, &water, NAN, &o), MEDVOL_E_RANGE);
    CHECK_STATUS(mv_transport_step(T, NULL, dose, &r, &g, &water, 1.0, &o), MEDVOL_E_NULL);
    CHECK_STATUS(mv_transport_step(T, psi, NULL, &r, &g, &water, 1.0, &o), MEDVOL_E_NULL);
    CHECK_STATUS(mv_transport_step(T, psi, dose, &r, NULL, &water, 1.0, &o), MEDVOL_E_NULL);
    CHECK_STATUS(mv_transport_step(T, psi, dose, &r, &g, NULL, 1.0, &o), MEDVOL_E_NULL);
    CHECK(memcmp(psi, first, sizeof psi) == 0 && memcmp(dose, dose2, sizeof dose) == 0);
    CHECK_STATUS(mv_transport_energies(T, NULL, 3, 1, 2, 0, NULL), MEDVOL_E_NULL);
    CHECK_STATUS(mv_transport_energies(T, energy, 1, 1, 2, 0, NULL), MEDVOL_E_SIZE);
    CHECK_STATUS(mv_transport_energies(T, energy, 3, 2, 1, 0, NULL), MEDVOL_E_RANGE);
    CHECK_STATUS(mv_transport_energies(T, energy, 3, 1, NAN, 0, NULL), MEDVOL_E_RANGE);
    CHECK_STATUS(mv_transport_energies(T, energy, 3, 1, 2, 3, NULL), MEDVOL_E_RANGE);
    CHECK_STATUS(mv_transport_energies(T, energy, 3, 1, 300, 2, &water), MEDVOL_E_RANGE);
}
const t_case tests_transport[] = {{"tables", tables, 0},
                                  {"media", media, 0},
                                  {"refused", refused, 0},
                                  {"kernels", kernels, 0},
                                  {"scattering", scattering, T_ONCE},
                                  {"peaks", peaks, 0},
                                  {"widths", widths, 0},
                                  {"ends", ends, 0},
                                  {"own_range", own_range, 0},
                                  {"straight", straight, 0},
                                  {"narrow", narrow, 0},
                                  {"criteria", criteria, T_ONCE},
                                  {"order", order, T_ONCE},
                                  {"slowing", slowing, 0},
                                  {"tissues", tissues, 0},
                                  {"layers", layers, 0},
                                  {"nuclear", nuclear, 0},
                                  {"boxes", boxes, 0},
                                  {"box_spots", box_spots, 0},
                                  {"box_tissues", box_tissues, 0},
                                  {"box_refused", box_refused, 0},
                                  {"beams", beams, 0},
                                  {"below_zero", below_zero, 0},
                                  {"straggles", straggles, 0},
                                  {"last_energy", last_energy, 0},
                                  {"all_leaves", all_leaves, 0},
                                  {"many", many, 0},
                                  {"march_refused", march_refused, 0},
                                  {"measures", measures, 0},
                                  {"flat_peaks", flat_peaks, 0},
                                  {"steps", steps, 0},
                                  {"step_backward", step_backward, 0},
                                  {"step_sinks", step_sinks, 0},
                                  {"step_straight", step_straight, 0},
                                  {"step_refused", step_refused, 0},
                                  {"step_order", step_order, 0},
                                  {NULL, NULL, 0}};
