/* test_affine.c - affine algebra, quaternions both ways, orientation codes against nibabel, points. */
#include "test.h"

/* about a unit axis, Rodrigues' formula */
static void rotation(double *a, double x, double y, double z, double angle) {
    double n = sqrt(x * x + y * y + z * z), c = cos(angle), s = sin(angle), t = 1.0 - c;
    x /= n, y /= n, z /= n;
    a[0] = t * x * x + c, a[1] = t * x * y - s * z, a[2] = t * x * z + s * y;
    a[4] = t * x * y + s * z, a[5] = t * y * y + c, a[6] = t * y * z - s * x;
    a[8] = t * x * z - s * y, a[9] = t * y * z + s * x, a[10] = t * z * z + c;
    a[3] = a[7] = a[11] = 0.0;
}
static void columns(double *a, double i, double j, double k) {
    int r;
    for (r = 0; r < 3; r++) a[4 * r] *= i, a[4 * r + 1] *= j, a[4 * r + 2] *= k;
}
static double worst(const double *a, const double *b) {
    double w = 0.0;
    int i;
    for (i = 0; i < 12; i++) {
        double d = fabs(a[i] - b[i]);
        if (!(d <= w)) w = d;
    }
    return w;
}
static void random_affine(double *a) {
    int i;
    for (i = 0; i < 12; i++) a[i] = t_uniform(-5, 5);
}
static void test_algebra(void) {
    double a[12], b[12], c[12], inv[12], id[12], p[3], q[3], r[3], one[12];
    int t, i;
    mv_affine_identity(one);
    for (i = 0; i < 12; i++) CHECK(one[i] == (i == 0 || i == 5 || i == 10 ? 1.0 : 0.0));
    for (t = 0; t < 2000; t++) {
        random_affine(a);
        random_affine(b);
        for (i = 0; i < 3; i++) p[i] = t_uniform(-200, 200);
        mv_affine_mul(c, a, b);
        mv_affine_apply(q, b, p);
        mv_affine_apply(r, a, q);
        mv_affine_apply(q, c, p);
        for (i = 0; i < 3; i++) CHECK_NEAR(q[i], r[i], 1e-9);
        CHECK_NEAR(mv_affine_det(c), mv_affine_det(a) * mv_affine_det(b), 1e-8);
        if (fabs(mv_affine_det(a)) > 0.5) {
            CHECK_OK(mv_affine_invert(inv, a));
            mv_affine_mul(id, inv, a);
            CHECK(worst(id, one) < 1e-9);
            mv_affine_mul(id, a, inv);
            CHECK(worst(id, one) < 1e-9);
            CHECK_OK(mv_affine_invert(inv, inv)); /* in place, and back */
            CHECK(worst(inv, a) < 1e-8);
        }
        memcpy(c, a, sizeof c);
        mv_affine_mul(c, c, b); /* out is the first, then the second factor */
        mv_affine_mul(id, a, b);
        CHECK(worst(c, id) == 0.0);
        memcpy(c, b, sizeof c);
        mv_affine_mul(c, a, c);
        CHECK(worst(c, id) == 0.0);
        mv_affine_apply(p, a, p);
    }
    {
        static const double sp[3] = {0.5, -2, 3}, org[3] = {1, 2, 3};
        double s[3];
        mv_affine_from_spacing(a, sp, org);
        CHECK(a[0] == 0.5 && a[5] == -2 && a[10] == 3 && a[3] == 1 && a[7] == 2 && a[11] == 3 && a[1] == 0 &&
            a[4] == 0);
        mv_affine_from_spacing(a, sp, NULL);
        CHECK(a[3] == 0 && a[7] == 0 && a[11] == 0);
        mv_affine_spacing(s, a);
        CHECK(s[0] == 0.5 && s[1] == 2 && s[2] == 3);
    }
}
static void test_singular(void) {
    double a[12], out[12], keep[12];
    int i, k;
    for (i = 0; i < 12; i++) keep[i] = out[i] = i + 100.0;
    for (k = 0; k < 8; k++) {
        mv_affine_identity(a);
        if (k == 0) a[0] = 0;                                   /* a zero column */
        if (k == 1) a[1] = 1, a[4] = 1;                         /* two equal ones */
        if (k == 2) a[5] = NAN;
        if (k == 3) a[5] = HUGE_VAL;
        if (k == 4) a[1] = 1, a[4] = 1, a[5] = 1.0 + 1e-14;     /* equal up to rounding */
        if (k == 5) for (i = 0; i < 12; i++) a[i] = 0;
        if (k == 6) a[3] = NAN;
        if (k == 7) for (i = 0; i < 12; i++) a[i] = 1e200 * (i % 5 == 0);
        CHECK_STATUS(mv_affine_invert(out, a), MEDVOL_E_SINGULAR);
        CHECK(!memcmp(out, keep, sizeof out));
    }
    for (k = -90; k <= 90; k += 15) { /* any sane unit of length is regular */
        double s[3];
        s[0] = s[1] = s[2] = pow(10.0, k);
        mv_affine_from_spacing(a, s, NULL);
        CHECK_OK(mv_affine_invert(out, a));
        CHECK_NEAR(out[0] * s[0], 1.0, 1e-12);
    }
    {
        static const double thin[3] = {1e-4, 1.0, 1e4};
        mv_affine_from_spacing(a, thin, NULL);
        CHECK_OK(mv_affine_invert(out, a));
    }
}
static void test_quaternions(void) {
    double a[12], back[12], bcd[3], off[3], sp[3], qfac, one[3] = {1, 1, 1}, zero[3] = {0, 0, 0};
    int t, i;
    /* rotation, spacing, reflection: there and back; the quaternion by its definition */
    for (t = 0; t < 3000; t++) {
        double x = t_normal(), y = t_normal(), z = t_normal(), n = sqrt(x * x + y * y + z * z),
               angle = t_uniform(-3.1, 3.1);
        double s[3], sign = t % 3 ? 1.0 : -1.0, half = sin(fabs(angle) / 2), turn = angle < 0 ? -1 : 1;
        for (i = 0; i < 3; i++) s[i] = t_uniform(0.1, 6);
        rotation(a, x, y, z, angle);
        columns(a, s[0], s[1], sign * s[2]);
        for (i = 0; i < 3; i++) a[4 * i + 3] = t_uniform(-300, 300);
        CHECK(mv_affine_to_qform(a, bcd, off, sp, &qfac) < 1e-8);
        CHECK(qfac == sign);
        CHECK_NEAR(bcd[0], turn * half * x / n, 1e-9);
        CHECK_NEAR(bcd[1], turn * half * y / n, 1e-9);
        CHECK_NEAR(bcd[2], turn * half * z / n, 1e-9);
        for (i = 0; i < 3; i++) CHECK(fabs(sp[i] - s[i]) < 1e-12 && off[i] == a[4 * i + 3]);
        mv_affine_from_qform(back, bcd, off, sp, qfac);
        CHECK(worst(a, back) < 1e-8);
    }
    for (t = 0; t < 500; t++) { /* half turns about any axis: a is 0 */
        rotation(a, t_normal(), t_normal(), t < 10 ? 0.0 : t_normal(), 3.14159265358979323846);
        CHECK(mv_affine_to_qform(a, bcd, off, sp, &qfac) < 1e-7);
        CHECK_NEAR(bcd[0] * bcd[0] + bcd[1] * bcd[1] + bcd[2] * bcd[2], 1.0, 1e-12);
    }
    for (t = 0; t < 3; t++) { /* exact half turns about the axes */
        mv_affine_identity(a);
        for (i = 0; i < 3; i++) if (i != t) a[5 * i] = -1;
        CHECK(mv_affine_to_qform(a, bcd, off, sp, &qfac) == 0.0 && qfac == 1.0);
        for (i = 0; i < 3; i++) CHECK(fabs(bcd[i]) == (i == t ? 1.0 : 0.0));
    }
    /* too long a quaternion is brought back to length 1; qfac 0 counts as +1 */
    bcd[0] = 3, bcd[1] = 0, bcd[2] = 4;
    mv_affine_from_qform(a, bcd, zero, one, 0.0);
    bcd[0] = 0.6, bcd[2] = 0.8;
    mv_affine_from_qform(back, bcd, zero, one, 1.0);
    CHECK(worst(a, back) < 1e-12);
    CHECK_NEAR(mv_affine_det(a), 1.0, 1e-12);
    /* shear cannot be kept: the nearest rotation, and how far it is. For [1 k; 0 1] the rotation is by
       atan(-k/2) */
    for (t = 1; t < 50; t++) {
        double k = 0.02 * t, turn = atan2(-k / sqrt(1 + k * k), 1.0 + 1.0 / sqrt(1 + k * k)), diff;
        mv_affine_identity(a);
        a[1] = k;
        diff = mv_affine_to_qform(a, bcd, off, sp, &qfac);
        CHECK_NEAR(bcd[2], sin(turn / 2), 1e-9);
        CHECK(diff > 0.4 * k && diff < k);
    }
    for (t = 0; t < 200; t++) { /* no garbage from garbage: finite columns give finite, unit quaternions */
        random_affine(a);
        for (i = 0; i < 3; i++)
            if (t >> i & 1) columns(a, i == 0 ? 0.0 : 1.0, i == 1 ? 0.0 : 1.0, i == 2 ? 0.0 : 1.0);
        mv_affine_to_qform(a, bcd, off, sp, &qfac);
        CHECK(bcd[0] * bcd[0] + bcd[1] * bcd[1] + bcd[2] * bcd[2] <= 1.0 + 1e-9);
    }
}
static const struct {
    double m[9];
    int axis[3], sign[3];
} table[] = {
#include "orientations.h"
};
static void test_orientation(void) {
    size_t r;
    int c, k;
    mv_volume v;
    memset(&v, 0, sizeof v);
    for (r = 0; r < sizeof table / sizeof *table; r++) {
        int axis[3], sign[3], ok = 1;
        char code[4];
        for (k = 0; k < 12; k++) v.affine[k] = k % 4 == 3 ? 7.0 : table[r].m[k / 4 * 3 + k % 4];
        mv_affine_orientation(v.affine, axis, sign);
        for (c = 0; c < 3; c++) ok = ok && axis[c] == table[r].axis[c] && sign[c] == table[r].sign[c];
        if (!CHECK(ok))
            fprintf(stderr, "  row %zu: %d %d %d, signs %d %d %d\n", r, axis[0], axis[1], axis[2], sign[0],
                sign[1], sign[2]);
        mv_orientation(&v, code);
        for (c = 0; c < 3; c++)
            CHECK(code[c] == (axis[c] < 0 ? '?' : (sign[c] > 0 ? "RAS" : "LPI")[axis[c]]));
        CHECK(code[3] == 0);
    }
    CHECK(r > 150);
    for (k = 0; k < 12; k++) v.affine[k] = NAN;
    {
        char code[4] = "xyz";
        mv_orientation(&v, code);
        CHECK(!strcmp(code, "???"));
        mv_orientation(NULL, code);
        CHECK(!strcmp(code, "???"));
        mv_orientation(&v, NULL);
    }
}
static void test_points(void) {
    static const size_t sizes[] = {0, 1, 2, 3, 7, 8, 9, 31, 1000, 200003};
    double a[12];
    size_t s, i, n, b;
    random_affine(a);
    for (s = 0; s < sizeof sizes / sizeof *sizes; s++) {
        double *p[3], *o[3], *keep;
        n = sizes[s];
        b = n * sizeof(double);
        for (i = 0; i < 3; i++) p[i] = (double *)t_guard(b), o[i] = (double *)t_guard(b);
        keep = (double *)malloc(3 * b + 1);
        for (i = 0; i < n; i++)
            p[0][i] = t_uniform(-99, 99), p[1][i] = t_uniform(-99, 99), p[2][i] = t_uniform(-99, 99);
        CHECK_OK(mv_affine_apply_points(T, a, o[0], o[1], o[2], p[0], p[1], p[2], n));
        for (i = 0; i < n; i++) {
            double q[3], w[3];
            q[0] = p[0][i], q[1] = p[1][i], q[2] = p[2][i];
            mv_affine_apply(w, a, q);
            if (!CHECK(o[0][i] == w[0] && o[1][i] == w[1] && o[2][i] == w[2])) break;
        }
        for (i = 0; i < 3; i++) memcpy(keep + i * n, o[i], b);
        /* in place, axes crossed */
        CHECK_OK(mv_affine_apply_points(T, a, p[1], p[2], p[0], p[0], p[1], p[2], n));
        CHECK(!memcmp(p[1], keep, b) && !memcmp(p[2], keep + n, b) && !memcmp(p[0], keep + 2 * n, b));
        free(keep);
        for (i = 0; i < 3; i++) t_guard_free(p[i], b), t_guard_free(o[i], b);
    }
    CHECK_STATUS(mv_affine_apply_points(T, NULL, a, a, a, a, a, a, 1), MEDVOL_E_NULL);
    CHECK_STATUS(mv_affine_apply_points(T, a, a, NULL, a, a, a, a, 1), MEDVOL_E_NULL);
    CHECK_STATUS(mv_affine_apply_points(T, a, a, a, a, a, a, NULL, 1), MEDVOL_E_NULL);
}
static void test_volume_points(void) {
    mv_volume v;
    double w[3], x[3], p[3] = {3, -2, 7.5};
    size_t dim[3] = {4, 5, 6};
    int i;
    CHECK_OK(mv_volume_alloc(T, &v, MEDVOL_U8, 3, dim));
    random_affine(v.affine);
    CHECK_OK(mv_voxel_to_world(&v, w, p));
    for (i = 0; i < 3; i++)
        CHECK_NEAR(w[i],
            v.affine[4 * i] * 3 + v.affine[4 * i + 1] * -2 + v.affine[4 * i + 2] * 7.5 + v.affine[4 * i + 3],
            1e-12);
    CHECK_OK(mv_world_to_voxel(&v, x, w));
    for (i = 0; i < 3; i++) CHECK_NEAR(x[i], p[i], 1e-9);
    v.affine[0] = v.affine[4] = v.affine[8] = 0;
    CHECK_STATUS(mv_world_to_voxel(&v, x, w), MEDVOL_E_SINGULAR);
    CHECK_STATUS(mv_world_to_voxel(NULL, x, w), MEDVOL_E_NULL);
    CHECK_STATUS(mv_voxel_to_world(&v, NULL, w), MEDVOL_E_NULL);
    mv_spacing(&v, x);
    CHECK(x[0] == 0.0 && x[1] > 0.0);
    mv_volume_free(T, &v);
}

const t_case tests_affine[] = {
    {"algebra", test_algebra, T_ONCE},
    {"singular", test_singular, T_ONCE},
    {"quaternions", test_quaternions, T_ONCE},
    {"orientation", test_orientation, T_ONCE},
    {"points", test_points, 0},
    {"volume_points", test_volume_points, T_ONCE},
    {NULL, NULL, 0},
};
