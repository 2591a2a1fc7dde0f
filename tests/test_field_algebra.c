/* test_field_algebra.c - powers of affine maps, their files, determinants, exponentials and inverses of
   displacement fields. Oracles: closed forms and sums in double, SimpleITK 2.5. */
#include "test.h"

/* ---- affine maps ---- */
static void random_map(double *a, double spread) {
    int i;
    for (i = 0; i < 12; i++)
        a[i] = i % 4 == 3 ? t_uniform(-50, 50) : (i % 5 == 0) + t_uniform(-spread, spread);
}
static void about(double *a, int axis, double angle) {
    int u = (axis + 1) % 3, v = (axis + 2) % 3;
    mv_affine_identity(a);
    a[5 * u] = a[5 * v] = cos(angle);
    a[4 * v + u] = sin(angle);
    a[4 * u + v] = -sin(angle);
}
static double apart(const double *a, const double *b) { /* relative to the largest of b */
    double d = 0, most = 1;
    int i;
    for (i = 0; i < 12; i++) d = fmax(d, fabs(a[i] - b[i])), most = fmax(most, fabs(b[i]));
    return d / most;
}
static void exp_closed(void) {
    double a[12] = {0}, e[12], want[12];
    int axis, k;
    for (axis = 0; axis < 3; axis++)
        for (k = -3; k <= 9; k++) { /* turns, of more than half a one, too */
            int u = (axis + 1) % 3, v = (axis + 2) % 3;
            memset(a, 0, sizeof a);
            a[4 * v + u] = 0.7 * k;
            a[4 * u + v] = -0.7 * k;
            CHECK_OK(mv_affine_exp(e, a));
            about(want, axis, 0.7 * k);
            CHECK_NEAR(apart(e, want), 0, 2e-15);
        }
    memset(a, 0, sizeof a); /* scales, with a translation: (e^s - 1) / s of it */
    a[0] = 1.25, a[5] = -20, a[10] = 1e-9;
    a[3] = 3, a[7] = -7, a[11] = 11;
    CHECK_OK(mv_affine_exp(e, a));
    CHECK_NEAR(e[0], exp(1.25), 4e-14);
    CHECK_NEAR(e[5], exp(-20), 1e-22);
    CHECK_NEAR(e[10], exp(1e-9), 1e-14);
    CHECK_NEAR(e[3], 3 * (exp(1.25) - 1) / 1.25, 1e-13);
    CHECK_NEAR(e[7], -7 * (exp(-20) - 1) / -20, 1e-14);
    CHECK_NEAR(e[11], 11 * (1 + 0.5e-9), 1e-13);
    memset(a, 0, sizeof a); /* nilpotent: the series ends */
    a[1] = 2, a[2] = 3, a[6] = -5, a[11] = 1000;
    CHECK_OK(mv_affine_exp(a, a));
    CHECK_NEAR(a[1], 2, 0);
    CHECK_NEAR(a[2], 3 - 5, 2e-15);
    CHECK_NEAR(a[6], -5, 0);
    CHECK_NEAR(a[3], 1000 * (3 / 2.0 - 10 / 6.0), 1e-11);
    CHECK_NEAR(a[7], 1000 * -5 / 2.0, 1e-11);
    CHECK_NEAR(a[11], 1000, 1e-11);
}
static void exp_refused(void) {
    double a[12] = {0}, out[12];
    int i;
    for (i = 0; i < 12; i++) {
        memset(a, 0, sizeof a);
        a[i] = i % 2 ? NAN : HUGE_VAL;
        out[0] = 77;
        CHECK(mv_affine_exp(out, a) == MEDVOL_E_RANGE && out[0] == 77);
        CHECK(mv_affine_log(out, a) == MEDVOL_E_RANGE && out[0] == 77);
        CHECK(mv_affine_sqrt(out, a) == MEDVOL_E_RANGE && out[0] == 77);
    }
    memset(a, 0, sizeof a);
    a[0] = 800; /* overflows */
    CHECK(mv_affine_exp(out, a) == MEDVOL_E_RANGE && out[0] == 77);
    a[0] = -1e6; /* does not */
    CHECK_OK(mv_affine_exp(out, a));
    CHECK(out[0] == 0 && out[5] == 1);
    a[0] = -2e6;
    CHECK(mv_affine_exp(a, a) == MEDVOL_E_RANGE && a[0] == -2e6);
}
static void logs(void) {
    double a[12], l[12], e[12], half[12], twice[12];
    int i, axis;
    t_seed(5);
    for (i = 0; i < 400; i++) {
        random_map(a, i % 4 * 0.2);
        if (mv_affine_log(l, a) < 0) continue; /* some have negative eigenvalues: counted below */
        CHECK_OK(mv_affine_exp(e, l));
        CHECK_NEAR(apart(e, a), 0, 1e-12);
        CHECK_OK(mv_affine_sqrt(half, a));
        mv_affine_mul(twice, half, half);
        CHECK_NEAR(apart(twice, a), 0, 1e-12);
        mv_affine_mul(twice, half, a); /* of the same eigenvectors */
        mv_affine_mul(half, a, half);
        CHECK_NEAR(apart(twice, half), 0, 1e-12);
    }
    for (axis = 0; axis < 3; axis++)
        for (i = 1; i < 32; i++) { /* up to 3.1 radians; scales of four decades */
            int u = (axis + 1) % 3, v = (axis + 2) % 3;
            double s = pow(10, i % 9 - 4), angle = (i % 2 ? 0.1 : -0.1) * i;
            about(a, axis, angle);
            a[5 * axis] = s;
            CHECK_OK(mv_affine_log(l, a));
            CHECK_NEAR(l[4 * v + u], angle, 2e-13);
            CHECK_NEAR(l[4 * u + v], -angle, 2e-13);
            CHECK_NEAR(l[5 * axis], log(s), 2e-13);
            CHECK_NEAR(l[5 * u], 0, 2e-13);
            CHECK_OK(mv_affine_sqrt(a, a));
            about(e, axis, angle / 2);
            e[5 * axis] = sqrt(s);
            CHECK_NEAR(apart(a, e), 0, 1e-13);
        }
    mv_affine_identity(a);
    a[3] = 5, a[7] = 1e-300, a[11] = -1e6;
    CHECK_OK(mv_affine_log(l, a));
    CHECK(l[0] == 0 && l[6] == 0);
    CHECK_NEAR(l[3], 5, 1e-14);
    CHECK_NEAR(l[7], 1e-300, 1e-314);
    CHECK_NEAR(l[11], -1e6, 1e-9);
    mv_affine_identity(a); /* a shear has one eigenvector only */
    a[1] = 8, a[6] = 3;
    CHECK_OK(mv_affine_log(l, a));
    CHECK_NEAR(l[1], 8, 1e-12);
    CHECK_NEAR(l[2], -12, 1e-11);
    CHECK_NEAR(l[6], 3, 1e-12);
}
static void logs_refused(void) {
    static const double diagonals[][3] = {{0, 1, 1}, {-1, 1, 1}, {-1, -1, -1}, {-1, -2, 1}, {-1, -1, 1},
                                          {1, -3, -3}, {1e-200, 1e-200, -1e-200}};
    double a[12], out[12];
    size_t i;
    int k;
    for (i = 0; i < sizeof diagonals / sizeof *diagonals; i++) {
        mv_affine_identity(a);
        for (k = 0; k < 3; k++) a[5 * k] = diagonals[i][k];
        out[0] = 77;
        CHECK(mv_affine_log(out, a) == MEDVOL_E_SINGULAR && out[0] == 77);
        CHECK(mv_affine_sqrt(out, a) == MEDVOL_E_SINGULAR && out[0] == 77);
    }
    about(a, 1, 3.14159265358979324); /* half a turn, but for rounding */
    CHECK(mv_affine_log(out, a) == MEDVOL_E_SINGULAR && out[0] == 77);
    about(a, 1, 3.1415);
    CHECK_OK(mv_affine_log(out, a));
    CHECK_NEAR(out[8], -3.1415, 1e-10);
    mv_affine_identity(a); /* two negative eigenvalues in a matrix that is not symmetric */
    a[0] = -2, a[1] = 7, a[5] = -3, a[2] = 1;
    CHECK(mv_affine_log(out, a) == MEDVOL_E_SINGULAR);
    CHECK(mv_affine_sqrt(out, a) == MEDVOL_E_SINGULAR);
}
static void parts(void) {
    mv_affine_parts p, q;
    double a[12], b[12], c[3], det;
    int i, k;
    t_seed(6);
    for (i = 0; i < 300; i++) {
        random_map(a, 0.9);
        for (k = 0; k < 3; k++) c[k] = t_uniform(-100, 100);
        if (mv_affine_invert(b, a) < 0) continue;
        CHECK_OK(mv_affine_decompose(&p, a, i % 3 ? c : NULL));
        for (k = 0; k < 3; k++) CHECK(p.centre[k] == (i % 3 ? c[k] : 0));
        mv_affine_compose(b, &p);
        CHECK_NEAR(apart(b, a), 0, 1e-12);
        CHECK(p.scale[0] > 0 && p.scale[1] > 0 && (p.scale[2] < 0) == (mv_affine_det(a) < 0));
        for (k = 0; k < 9; k++) b[4 * (k / 3) + k % 3] = p.rotation[k];
        det = mv_affine_det(b);
        CHECK_NEAR(det, 1, 1e-12);
        mv_affine_identity(b); /* the angles say the same */
        for (k = 2; k >= 0; k--) {
            double turn[12];
            about(turn, k, p.angles[k]);
            mv_affine_mul(b, b, turn);
        }
        for (k = 0; k < 9; k++) CHECK_NEAR(b[4 * (k / 3) + k % 3], p.rotation[k], 1e-12);
    }
    /* what went in comes out */
    about(a, 2, 0.3);
    about(b, 1, -0.2);
    mv_affine_mul(a, a, b);
    about(b, 0, 0.1);
    mv_affine_mul(a, a, b);
    for (k = 0; k < 9; k++) p.rotation[k] = a[4 * (k / 3) + k % 3];
    for (k = 0; k < 3; k++) {
        p.centre[k] = 10 * k - 5;
        p.translation[k] = k + 0.5;
        p.scale[k] = 1.5 - 0.25 * k;
        p.shear[k] = 0.1 * k - 0.05;
        p.angles[k] = 99; /* not read */
    }
    p.scale[2] = -p.scale[2];
    mv_affine_compose(a, &p);
    CHECK_OK(mv_affine_decompose(&q, a, p.centre));
    for (k = 0; k < 3; k++) {
        CHECK_NEAR(q.translation[k], p.translation[k], 1e-13);
        CHECK_NEAR(q.scale[k], p.scale[k], 1e-14);
        CHECK_NEAR(q.shear[k], p.shear[k], 1e-14);
        CHECK_NEAR(q.angles[k], k == 0 ? 0.1 : k == 1 ? -0.2 : 0.3, 1e-14);
    }
    about(a, 1, 1.5707963267948966); /* where two of the angles turn about one axis */
    about(b, 0, 0.4);
    mv_affine_mul(a, a, b);
    CHECK_OK(mv_affine_decompose(&q, a, NULL));
    CHECK(q.angles[2] == 0);
    CHECK_NEAR(q.angles[0], 0.4, 1e-14);
    a[0] = a[4] = a[8] = 0;
    q.scale[0] = 77;
    CHECK(mv_affine_decompose(&q, a, NULL) == MEDVOL_E_SINGULAR && q.scale[0] == 77);
}


/* ---- maps as text of ITK ---- */
#define ITK "#Insight Transform File V1.0\n"
static const struct {
    const char *text;
    int dims;
    double to[2][3]; /* where SimpleITK 2.5.7 takes 10 -20 30 and -100 55 7, in LPS */
    double centre[3];
} itk_golden[] = {
    {ITK "#Transform 0\nTransform: AffineTransform_double_3_3\nParameters: 1.1 0.2 -0.3 0.05 0.9 0.15 -0.25 "
         "0.35 1.3 1.5 -2.25 3.125\nFixedParameters: 10 20 -30\n",
     3, {{-14.5, -9.25, 37.125}, {-113.60000000000001, 49.3, 60.975}}, {10, 20, -30}},
    {ITK "Transform: MatrixOffsetTransformBase_float_3_3\r\nParameters: 1.1 0.2 -0.3 0.05 0.9 0.15 "
         "-0.25 0.35 1.3 1.5 -2.25 3.125 \r\nFixedParameters: 10 20 -30\r\n\r\n",
     3, {{-14.5, -9.25, 37.125}, {-113.60000000000001, 49.3, 60.975}}, {10, 20, -30}},
    {ITK "#Transform 0\nTransform: Euler3DTransform_double_3_3\nParameters: 0.1 -0.2 0.3 4 5 6\n"
         "FixedParameters: -7 8 9 0\n",
     3, {{17.871348129165607, -12.210068213603366, 36.04374700324637},
         {-104.11868130316309, 32.80748785221834, -0.6421135558325091}}, {-7, 8, 9}},
    {ITK "Transform: Euler3DTransform_double_3_3\nFixedParameters: -7 8 9\nParameters: .1 -2e-1 +0.3 4. 5 6",
     3, {{17.871348129165607, -12.210068213603366, 36.04374700324637},
         {-104.11868130316309, 32.80748785221834, -0.6421135558325091}}, {-7, 8, 9}},
    {ITK "Transform: Euler3DTransform_double_3_3\nParameters: 0.1 -0.2 0.3 4 5 6\n"
         "FixedParameters: -7 8 9 1\n",
     3, {{18.334511637456956, -11.757600445991525, 36.11634043455101},
         {-104.46720846663156, 30.77305941856501, -0.8279488530033081}}, {-7, 8, 9}},
    {ITK "Transform: VersorTransform_double_3_3\nParameters: 0.0916432938695913 0.1832865877391826 "
         "0.2749298816087739\nFixedParameters: 1 2 3\n",
     3, {{29.317171368568488, -13.281205350985381, 19.081746444467427},
         {-101.96184943526757, -9.74981320875607, 50.82049195092657}}, {1, 2, 3}},
    {ITK "Transform: VersorRigid3DTransform_double_3_3\nParameters: -0.2536268079247633 0.5072536158495266 "
         "-0.7608804237742899 1 2 3\nFixedParameters: 11 -12 13\n",
     3, {{22.891733316528914, -17.374094138259892, 29.45335946898377},
         {97.32142117983413, 56.2980460307729, -55.90844303942943}}, {11, -12, 13}},
    {ITK "Transform: Similarity3DTransform_double_3_3\nParameters: 0.5465268646184439 -0.3643512430789626 "
         "0.1821756215394813 -1 2 3 1.25\nFixedParameters: 1 -2 3\n",
     3, {{11.201035848531921, -40.51942512791618, 3.8580421985718933},
         {-133.3908483759067, 35.91707246070888, -38.243309950862084}}, {1, -2, 3}},
    {ITK "Transform: TranslationTransform_double_3_3\nParameters: 1.5 2.5 -3.5\nFixedParameters: \n",
     3, {{11.5, -17.5, 26.5}, {-98.5, 57.5, 3.5}}, {0, 0, 0}},
    {ITK "Transform: ScaleTransform_double_3_3\nParameters: 1.5 0.5 2\nFixedParameters: 1 2 3\n",
     3, {{14.5, -9, 57}, {-150.5, 28.5, 11}}, {1, 2, 3}},
    {ITK "Transform: IdentityTransform_double_3_3\nParameters: \nFixedParameters: \n",
     3, {{10, -20, 30}, {-100, 55, 7}}, {0, 0, 0}},
    {ITK "Transform: AffineTransform_double_2_2\nParameters: 1.1 0.2 0.05 0.9 1.5 -2.25\n"
         "FixedParameters: 10 20\n",
     2, {{3.5, -18.25, 30}, {-102.50000000000001, 43.75, 7}}, {10, 20, 0}},
    {ITK "Transform: Euler2DTransform_double_2_2\nParameters: 0.4 4 5\nFixedParameters: -7 8\n",
     2, {{23.56175048269126, -6.169596012833722, 30}, {-106.96133453077489, 20.0739608834311, 7}}, {-7, 8,
                                                                                                    0}},
    {ITK "Transform: Similarity2DTransform_double_2_2\nParameters: 1.5 -0.4 4 5\nFixedParameters: -7 8\n",
     2, {{4.1314849701102485, -35.614729476991755, 30}, {-104.0340155306426, 132.25865882926013, 7}}, {-7, 8,
                                                                                                       0}},
    {ITK "Transform: TranslationTransform_double_2_2\nParameters: 1.5 2.5\n",
     2, {{11.5, -17.5, 30}, {-98.5, 57.5, 7}}, {0, 0, 0}},
    {ITK "Transform: ScaleTransform_double_2_2\nParameters: 1.5 0.5\nFixedParameters: 1 2\n",
     2, {{14.5, -9, 30}, {-150.5, 28.5, 7}}, {1, 2, 0}},
    {ITK "#Transform 0\nTransform: CompositeTransform_double_3_3\n#Transform 1\n"
         "Transform: Euler3DTransform_double_3_3\nParameters: 0.1 -0.2 0.3 4 5 6\nFixedParameters: -7 8 9 0\n"
         "#Transform 2\nTransform: AffineTransform_double_3_3\nParameters: 1.1 0.2 -0.3 0.05 0.9 0.15 -0.25 "
         "0.35 1.3 1.5 -2.25 3.125\nFixedParameters: 10 20 -30\n#Transform 3\n"
         "Transform: TranslationTransform_double_3_3\nParameters: 1.5 2.5 -3.5\nFixedParameters: \n",
     3, {{-6.381506536399345, -6.5139747170588915, 36.08478905007766},
         {-120.80232077236398, 18.687407062174408, 45.59807586359305}}, {0, 0, 0}},
};
static void itk_load(void) {
    static const double from[2][3] = {{10, -20, 30}, {-100, 55, 7}};
    double a[12], centre[3], p[3];
    size_t i;
    int k, r;
    for (i = 0; i < sizeof itk_golden / sizeof *itk_golden; i++) {
        const char *text = itk_golden[i].text;
        if (!CHECK_OK(mv_affine_load_mem(T, a, text, strlen(text), centre))) continue;
        for (k = 0; k < 2; k++) { /* memory speaks RAS */
            for (r = 0; r < 3; r++) p[r] = r < 2 ? -from[k][r] : from[k][r];
            mv_affine_apply(p, a, p);
            for (r = 0; r < 3; r++) CHECK_NEAR(r < 2 ? -p[r] : p[r], itk_golden[i].to[k][r], 1e-12);
        }
        for (r = 0; r < 3; r++) CHECK(centre[r] == (r < 2 ? -1 : 1) * itk_golden[i].centre[r]);
        CHECK_OK(mv_affine_load_mem(T, a, text, strlen(text), NULL));
    }
}
static void spew(const char *path, const void *data, size_t n) {
    const mv_io *io = T_FILES;
    void *file;
    io->remove(io->user, path);
    CHECK(io->open(io->user, path, MEDVOL_IO_CREATE, &file) == 0);
    CHECK(io->write(io->user, file, data, n) == (int64_t)n);
    CHECK(io->close(io->user, file) == 0);
}
static size_t slurp(const char *path, char *data, size_t room) { /* ends with 0 */
    const mv_io *io = T_FILES;
    int64_t n;
    void *file;
    if (!CHECK(io->open(io->user, path, MEDVOL_IO_READ, &file) == 0)) return 0;
    n = io->read(io->user, file, 0, data, room - 1);
    io->close(io->user, file);
    data[n > 0 ? n : 0] = 0;
    return n > 0 ? (size_t)n : 0;
}
static void itk_save(void) {
    const char *path = t_path("map.txt");
    static const double c[3] = {-10, -20, -30};
    char text[1000];
    double a[12], b[12], back[3], x;
    int i, k;
    unsigned char packed[2000];
    size_t bytes;
    for (i = 0; i < 12; i++) a[i] = i % 5 == 0 ? 1 : i % 4 == 3 ? i : 0.1 * i;
    CHECK_OK(mv_affine_save(T, a, path, NULL));
    slurp(path, text, sizeof text);
    CHECK(strcmp(text,
                 ITK "#Transform 0\nTransform: AffineTransform_double_3_3\nParameters: 1 0.1 -0.2 0.4 1 "
                           "-0.6000000000000001 -0.8 -0.9 1 -3 -7 11\nFixedParameters: 0 0 0\n") == 0);
    CHECK_OK(mv_affine_save(T, a, path, c)); /* over the old one */
    slurp(path, text, sizeof text);
    CHECK(strstr(text, "\nFixedParameters: 10 20 -30\n") != NULL);
    CHECK_OK(mv_affine_load(T, b, path, back));
    CHECK_NEAR(apart(b, a), 0, 1e-15);
    for (i = 0; i < 3; i++) CHECK(back[i] == c[i]);
    /* any number comes back to the bit, and reads the same by the C library */
    for (k = 0; k < (T_SMALL ? 10 : 150); k++) {
        char *at;
        for (i = 0; i < 12; i++) {
            uint64_t bits = t_bits();
            if (i % 3 == 0)
                bits = (bits & ~((uint64_t)0x7ff << 52)) | (uint64_t)(1023 + (int)(bits >> 60)) << 52;
            memcpy(&x, &bits, sizeof x);
            if (x - x != 0 || (k % 10 == 9 && i % 4 != 3)) x = (double)(int64_t)(bits % 2000000) / 1000;
            a[i] = x;
        }
        if (k == 0) a[0] = 4.9406564584124654e-324, a[1] = 1.7976931348623157e308,
            a[2] = 2.2250738585072014e-308;
        if (k == 0) a[4] = 9007199254740993.0, a[5] = 5e-324 * 7, a[6] = 1e22, a[8] = 123456789012345680.0;
        CHECK_OK(mv_affine_save(T, a, path, NULL));
        CHECK_OK(mv_affine_load(T, b, path, NULL));
        CHECK(memcmp(a, b, sizeof a) == 0);
        slurp(path, text, sizeof text);
        at = strstr(text, "Parameters:");
        for (i = 0, at += 11; i < 9; i++) {
            x = strtod(at, &at);
            if (i / 3 < 2 && i % 3 == 2) x = -x;
            if (i / 3 == 2 && i % 3 < 2) x = -x;
            CHECK(x == a[4 * (i / 3) + i % 3]);
        }
    }
    /* gzip is looked through */
    CHECK_OK(mv_gzip_pack(T, packed, sizeof packed, text, strlen(text), NULL, &bytes));
    CHECK_OK(mv_affine_load_mem(T, b, packed, bytes, NULL));
    CHECK(memcmp(a, b, sizeof a) == 0);
}
/* to the nearest double: strtod is exact in the C libraries of our machines */
static void itk_numbers(void) {
    static const char *const hard[] = {
        "9007199254740993", "9007199254740992.9999999999999999999999999999999999999999999999999999999",
        "9007199254740993.0000000000000000000000000000000000000000000000000000000000001",
            "2.2250738585072011e-308",
        "2.4703282292062327208e-324", "2.4703282292062328e-324", "1e-400", "-0.000e5",
            "1.7976931348623158e308",
        "1797693134862315700000000000000000000000000000000000000000000000000e242",
        "0.000000000000000000000000000000000000000000000000000000000000000000000000000001e60",
        "123456789012345678901234567890123456789012345678901234567890e-60", "1e-99999999999", "0e99999999999",
        "3.5e00000000000000000001", "9.5367431640625e-7",
            "1.00000000000000011102230246251565404236316680908203125"};
    char text[400];
    double a[12];
    size_t i;
    int k;
    for (i = 0; i < sizeof hard / sizeof *hard + 2000; i++) {
        char number[120];
        if (i < sizeof hard / sizeof *hard) snprintf(number, sizeof number, "%s", hard[i]);
        else {
            int digits = 1 + (int)(t_bits() % 45), n = 0;
            if (t_bits() & 1) number[n++] = '-';
            for (k = 0; k < digits; k++) {
                if (k == (int)(t_bits() % 50)) number[n++] = '.', number[n++] = '0';
                else number[n++] = (char)('0' + t_bits() % 10);
                if (strchr(number, '.')) continue;
            }
            number[n] = 0;
            if (strchr(number, '.') != strrchr(number, '.')) *strchr(number, '.') = '7';
            if (strchr(number, '.') != strrchr(number, '.')) continue;
            snprintf(number + n, 20, "e%d", (int)(t_bits() % 640) - 330);
        }
        snprintf(text, sizeof text, ITK "Transform: TranslationTransform_double_3_3\nParameters: 0 0 %s\n",
                 number);
        if (fabs(strtod(number, NULL)) > 1.7e308 && strtod(number, NULL) - strtod(number,
                                                                                  NULL) != 0) continue;
        if (CHECK_OK(mv_affine_load_mem(T, a, text, strlen(text), NULL))) CHECK(a[11] == strtod(number,
                                                                                                NULL));
    }
}
static const struct {
    const char *text;
    mv_status status;
    const char *field;
    int offset; /* -2: any */
    const char *says;
} itk_bad[] = {
    {"", MEDVOL_E_FORMAT, "magic", 0, "Insight"},
    {"#Insight Transform File V2.0\n", MEDVOL_E_FORMAT, "magic", 0, "Insight"},
    {ITK, MEDVOL_E_FORMAT, "Transform", -2, "no transform"},
    {ITK "#Transform 0\n", MEDVOL_E_FORMAT, "Transform", -2, "no transform"},
    {ITK "Transform: BSplineTransform_double_3_3\nParameters: 1\n", MEDVOL_E_UNSUPPORTED, "Transform", 40,
     "BSplineTransform_double_3_3"},
    {ITK "Transform: AffineTransform_double_2_3\n", MEDVOL_E_UNSUPPORTED, "Transform", 40, "AffineTransform"},
    {ITK "Transform: AffineTransform_double_3_3_3\n", MEDVOL_E_UNSUPPORTED, "Transform", 40, "_3_3_3"},
    {ITK "Transform: AffineTransform\n", MEDVOL_E_UNSUPPORTED, "Transform", 40, "AffineTransform"},
    {ITK "Transform: AffineTransform_half_3_3\n", MEDVOL_E_UNSUPPORTED, "Transform", 40, "half"},
    {ITK "Transform: Euler2DTransform_double_3_3\n", MEDVOL_E_UNSUPPORTED, "Transform", 40, "Euler2D"},
    {ITK "Transform: Euler3DTransform_double_2_2\n", MEDVOL_E_UNSUPPORTED, "Transform", 40, "Euler3D"},
    {ITK "Transform: \n", MEDVOL_E_UNSUPPORTED, "Transform", 40, "dimensions"},
    {ITK "Transform: TranslationTransform_double_3_3\n", MEDVOL_E_FORMAT, "Parameters", -2,
     "no line of Parameters"},
    {ITK "Transform: TranslationTransform_double_3_3\nParameters: 1 2\n", MEDVOL_E_FORMAT, "Parameters", 83,
     "has 2 numbers: must have 3"},
    {ITK "Transform: TranslationTransform_double_3_3\nParameters: 1 2 3 4\n", MEDVOL_E_FORMAT, "Parameters",
     83,
     "has 4 numbers"},
    {ITK "Transform: TranslationTransform_double_3_3\nParameters: 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15\n",
     MEDVOL_E_FORMAT, "Parameters", 83, "has 15 numbers"},
    {ITK "Transform: TranslationTransform_double_3_3\nParameters: 1 nan 3\n", MEDVOL_E_FORMAT, "Parameters",
     86,
     "number 1 at byte 86"},
    {ITK "Transform: TranslationTransform_double_3_3\nParameters: 1 2 inf\n", MEDVOL_E_FORMAT, "Parameters",
     88,
     "finite"},
    {ITK "Transform: TranslationTransform_double_3_3\nParameters: 1 2 1e309\n", MEDVOL_E_FORMAT,
     "Parameters", 88,
     "finite"},
    {ITK "Transform: TranslationTransform_double_3_3\nParameters: 1 2 3x\n", MEDVOL_E_FORMAT, "Parameters",
     88,
     "number 2"},
    {ITK "Transform: TranslationTransform_double_3_3\nParameters: 1 - 3\n", MEDVOL_E_FORMAT, "Parameters", 86,
     "number 1"},
    {ITK "Transform: TranslationTransform_double_3_3\nParameters: 1 2.5.5 3\n", MEDVOL_E_FORMAT,
     "Parameters", 86,
     "number 1"},
    {ITK "Transform: TranslationTransform_double_3_3\nParameters: 1 2 3\nParameters: 1 2 3\n",
     MEDVOL_E_FORMAT,
     "Parameters", -2, "a second line of Parameters"},
    {ITK "Transform: ScaleTransform_double_3_3\nParameters: 1 2 3\n", MEDVOL_E_FORMAT, "FixedParameters", -2,
     "no line of FixedParameters"},
    {ITK "Transform: ScaleTransform_double_3_3\nParameters: 1 2 3\nFixedParameters: 1 2 3 4\n",
     MEDVOL_E_FORMAT,
     "FixedParameters", -2, "has 4 numbers"},
    {ITK "Parameters: 1 2 3\n", MEDVOL_E_FORMAT, "Parameters", -2, "before any Transform"},
    {ITK "Transforms: x\n", MEDVOL_E_FORMAT, "line", 29, "must be Transform:"},
    {ITK "Transform: VersorTransform_double_3_3\nParameters: 1 1 0\nFixedParameters: 0 0 0\n",
     MEDVOL_E_FORMAT,
     "Parameters", -2, "versor of length 1.41421"},
    {ITK "Transform: IdentityTransform_double_3_3\nTransform: IdentityTransform_double_3_3\n",
     MEDVOL_E_UNSUPPORTED,
     "Transform", -2, "several must follow one CompositeTransform"},
    {ITK "Transform: IdentityTransform_double_3_3\nTransform: CompositeTransform_double_3_3\n",
     MEDVOL_E_UNSUPPORTED, "Transform", -2, "CompositeTransform"},
    {ITK "Transform: CompositeTransform_double_3_3\nTransform: CompositeTransform_double_3_3\n",
     MEDVOL_E_UNSUPPORTED, "Transform", -2, "CompositeTransform"},
    {ITK "Transform: CompositeTransform_double_3_3\n", MEDVOL_E_FORMAT, "Transform", -2, "no transform"},
    {ITK "Transform: CompositeTransform_double_3_3\nTransform: ScaleTransform_double_2_2\n"
         "Parameters: 1e200 1\nFixedParameters: 0 0\nTransform: ScaleTransform_double_2_2\n"
         "Parameters: 1e200 1\nFixedParameters: 0 0\n",
     MEDVOL_E_FORMAT, "Parameters", -2, "not finite"},
};
static void itk_refused(void) {
    double a[12] = {77}, centre[3] = {78};
    size_t i, n;
    char *large;
    for (i = 0; i < sizeof itk_bad / sizeof *itk_bad; i++) {
        mv_status st = mv_affine_load_mem(T, a, itk_bad[i].text, strlen(itk_bad[i].text), centre);
        if (!CHECK(st == itk_bad[i].status && strcmp(T->error.field, itk_bad[i].field) == 0 &&
                   strstr(mv_message(T), itk_bad[i].says) &&
                   (itk_bad[i].offset == -2 || T->error.offset == itk_bad[i].offset)))
            fprintf(stderr, "  case %zu: %d, %s, %lld: %s\n", i, (int)st, T->error.field,
                    (long long)T->error.offset, mv_message(T));
        CHECK(a[0] == 77 && centre[0] == 78);
    }
    n = 70000; /* comments do not make a file of any size welcome */
    large = (char *)malloc(n);
    memset(large, '#', n);
    memcpy(large, itk_golden[8].text, strlen(itk_golden[8].text));
    CHECK_STATUS(mv_affine_load_mem(T, a, large, n, NULL), MEDVOL_E_LIMIT);
    CHECK_OK(mv_affine_load_mem(T, a, large, 65536, NULL));
    free(large);
    for (i = 0; i < strlen(itk_golden[0].text); i++) /* cut anywhere: an error or a whole number less */
        CHECK(mv_affine_load_mem(T, a, itk_golden[0].text, i, NULL) < 0 ||
              i >= strlen(itk_golden[0].text) - 3);
    a[0] = 77;
    CHECK_STATUS(mv_affine_load(T, a, t_path("no such file"), NULL), MEDVOL_E_NOTFOUND);
    CHECK_STATUS(mv_affine_load(T, NULL, "x", NULL), MEDVOL_E_NULL);
    CHECK_STATUS(mv_affine_load(T, a, NULL, NULL), MEDVOL_E_NULL);
    CHECK_STATUS(mv_affine_load(T, a, "", NULL), MEDVOL_E_NOTFOUND);
    CHECK_STATUS(mv_affine_load_mem(T, NULL, "x", 1, NULL), MEDVOL_E_NULL);
    CHECK_STATUS(mv_affine_load_mem(T, a, NULL, 1, NULL), MEDVOL_E_NULL);
    CHECK_STATUS(mv_affine_save(T, NULL, "x", NULL), MEDVOL_E_NULL);
    CHECK_STATUS(mv_affine_save(T, a, NULL, NULL), MEDVOL_E_NULL);
    CHECK_STATUS(mv_affine_save(T, a, "", NULL), MEDVOL_E_NOTFOUND);
    CHECK(a[0] == 77);
    mv_affine_identity(a);
    CHECK_STATUS(mv_affine_save(T, a, t_path("no folder/x.txt"), NULL), MEDVOL_E_NOTFOUND);
    for (i = 0; i < 12; i++) {
        mv_affine_identity(a);
        a[i] = i & 1 ? NAN : HUGE_VAL;
        CHECK_STATUS(mv_affine_save(T, a, t_path("never.txt"), NULL), MEDVOL_E_RANGE);
    }
    mv_affine_identity(a);
    centre[0] = 1e308, centre[1] = NAN, centre[2] = 0;
    CHECK_STATUS(mv_affine_save(T, a, t_path("never.txt"), centre), MEDVOL_E_RANGE);
    CHECK_STATUS(mv_affine_load(T, a, t_path("never.txt"), NULL), MEDVOL_E_NOTFOUND);
    spew(t_path("short.txt"), ITK, 20);
    CHECK_STATUS(mv_affine_load(T, a, t_path("short.txt"), NULL), MEDVOL_E_FORMAT);
    CHECK(strstr(mv_message(T), "short.txt") != NULL);
}

/* ---- fields ---- */
enum { OBLIQUE = 1, TURNED = 2 }; /* TURNED: in the plane, left-handed, of other spacings */
static void grid_of(double *a, int how) {
    double b[12];
    mv_affine_identity(a);
    if (how == OBLIQUE) {
        about(a, 2, 0.4);
        about(b, 0, -0.7);
        mv_affine_mul(a, a, b);
        b[0] = 1.5, b[1] = 0.75, b[2] = -3;
        a[0] *= b[0], a[4] *= b[0], a[8] *= b[0], a[1] *= b[1], a[5] *= b[1], a[9] *= b[1];
        a[2] *= b[2], a[6] *= b[2], a[10] *= b[2];
        a[3] = 10, a[7] = -20, a[11] = 30;
    } else if (how == TURNED) {
        about(a, 2, -0.3);
        a[0] *= 2, a[4] *= 2, a[1] *= -0.5, a[5] *= -0.5, a[10] = 4;
        a[3] = -3, a[7] = 7, a[11] = 1;
    }
}
/* x, y, z, 1, comps, zeroed */
static void make_field(mv_volume *v, int comps, size_t nx, size_t ny, size_t nz, int how) {
    size_t dim[7] = {0};
    dim[0] = nx, dim[1] = ny, dim[2] = nz, dim[3] = 1, dim[4] = (size_t)comps;
    memset(v, 0, sizeof *v);
    if (mv_volume_alloc(T, v, MEDVOL_F32, 5, dim) < 0) exit(1);
    memset(v->data, 0, mv_volume_count(v) * sizeof(float));
    grid_of(v->affine, how);
}
static float *plane(const mv_volume *v, int c) {
    return (float *)v->data + (size_t)c * v->dim[0] * v->dim[1] * v->dim[2];
}
static void world_of(const mv_volume *v, double *p, size_t i) {
    double q[3];
    q[0] = (double)(i % v->dim[0]), q[1] = (double)(i / v->dim[0] % v->dim[1]);
    q[2] = (double)(i / (v->dim[0] * v->dim[1]));
    mv_affine_apply(p, v->affine, q);
}
static size_t voxels(const mv_volume *v) { return v->dim[0] * v->dim[1] * v->dim[2]; }
/* u(p) = m p of an affine map, its translation too */
static void linear_field(mv_volume *v, const double *m) {
    double p[3], q[3];
    size_t i;
    int c;
    for (i = 0; i < voxels(v); i++) {
        world_of(v, p, i);
        mv_affine_apply(q, m, p);
        for (c = 0; c < (int)v->dim[4]; c++) plane(v, c)[i] = (float)q[c];
    }
}
/* sums of sines of some length, zero at the border when `still` */
static void smooth_field(mv_volume *v, double size, double cycles, int still) {
    size_t i, d, n[3];
    int c;
    for (d = 0; d < 3; d++) n[d] = v->dim[d];
    for (c = 0; c < (int)v->dim[4]; c++)
        for (i = 0; i < voxels(v); i++) {
            double q[3], window = 1, x;
            q[0] = (double)(i % n[0]), q[1] = (double)(i / n[0] % n[1]), q[2] = (double)(i / (n[0] * n[1]));
            for (d = 0; d < 3; d++) {
                double t = n[d] > 1 ? q[d] / (double)(n[d] - 1) : 0.5;
                if (still) window *= t * (1 - t) * 4, window *= window < 1e-3 ? 0 : 1;
                q[d] = t;
            }
            x = sin(6.2831853 * cycles * (q[(c + 1) % 3] + 0.3 * c));
            x += 0.5 * cos(6.2831853 * cycles * q[c] + 1);
            plane(v, c)[i] = (float)(size * window * x / 1.5);
        }
}
/* in double, by the letter: differences along voxels, the affine's inverse, I + du/dp */
static double det_at(const mv_volume *v, size_t i, int pick) { /* pick: -1 central,
                                                              else a bit an axis: back */
    size_t n[3], q[3], step[3] = {1, 0, 0};
    double inverse[12], g[12] = {0}, j[12] = {0};
    int c, r, k;
    for (c = 0; c < 3; c++) n[c] = v->dim[c];
    step[1] = n[0], step[2] = n[0] * n[1];
    q[0] = i % n[0], q[1] = i / n[0] % n[1], q[2] = i / (n[0] * n[1]);
    if (mv_affine_invert(inverse, v->affine) < 0) exit(1);
    for (c = 0; c < 3; c++) {
        int down = q[c] > 0, up = q[c] + 1 < n[c];
        if (pick >= 0 && down && up) *(pick >> c & 1 ? &up : &down) = 0;
        for (r = 0; r < (int)v->dim[4] && down + up; r++)
            g[4 * r + c] = ((double)plane(v, r)[i + (size_t)up * step[c]] -
                            (double)plane(v, r)[i - (size_t)down * step[c]]) / (down + up);
    }
    for (r = 0; r < 3; r++)
        for (c = 0; c < 3; c++)
            for (j[4 * r + c] = r == c, k = 0; k < 3; k++) j[4 * r + c] += g[4 * r + k] * inverse[4 * k + c];
    return mv_affine_det(j);
}
static double det_of(const mv_volume *v, size_t i, int strict) {
    double least = 1e300;
    int k;
    if (!strict) return det_at(v, i, -1);
    for (k = 0; k < (1 << v->dim[4]); k++) least = fmin(least, det_at(v, i, k));
    return least;
}
static void check_stats(const mv_jacobian_stats *s, const float *det, const uint8_t *live, size_t n) {
    double sum = 0, log1 = 0, log2 = 0, least = HUGE_VAL, most = -HUGE_VAL;
    size_t i, in = 0, folded = 0, bad = 0, up = 0;
    for (i = 0; i < n; i++) {
        double x = (double)det[i];
        /* NOLINTNEXTLINE(clang-analyzer-core.uninitialized.Branch): set all through */
        if (!live[i]) continue;
        if (x - x != 0) { bad++; continue; }
        in++, sum += x, least = fmin(least, x), most = fmax(most, x);
        if (x <= 0) folded++;
        else up++, log1 += log(x);
    }
    for (i = 0; i < n; i++)
        if (live[i] && det[i] > 0 &&
            det[i] - det[i] == 0) log2 += pow(log((double)det[i]) - log1 / (double)up, 2);
    CHECK(s->voxels == in && s->folded == folded && s->invalid == bad);
    CHECK_NEAR(s->share, in ? (double)folded / (double)in : 0, 1e-15);
    if (!in) {
        CHECK(s->mean != s->mean && s->least != s->least && s->greatest != s->greatest);
        return;
    }
    CHECK_NEAR(s->mean, sum / (double)in, 1e-12 * (1 + fabs(sum)));
    CHECK(s->least == least && s->greatest == most);
    if (up) CHECK_NEAR(s->log_mean, log1 / (double)up, 1e-6);
    if (up) CHECK_NEAR(s->log_sd, sqrt(log2 / (double)up), 2e-5);
    else CHECK(s->log_mean != s->log_mean && s->log_sd != s->log_sd);
}
static void jacobian_linear(void) {
    double m[12], j[12];
    mv_volume v, out = {0};
    mv_jacobian_opt o = {0};
    mv_jacobian_stats s;
    size_t i;
    int comps, how, k;
    t_seed(21);
    for (how = 0; how < 3; how++)
        for (comps = 2; comps < 4; comps++)
            for (o.strict = 0; o.strict < 2; o.strict++) {
                double det;
                if (comps == 2 && how == OBLIQUE) continue;
                random_map(m, 0.5);
                for (k = 0; k < 12; k++) m[k] -= k % 5 == 0;
                for (k = 0; k < 12; k++) m[k] = k % 4 == 3 ? m[k] / 10 : m[k] * 0.5;
                if (comps == 2) m[2] = m[6] = m[8] = m[9] = m[10] = 0;
                memcpy(j, m, sizeof j);
                for (k = 0; k < 12; k += 5) j[k] += 1;
                det = mv_affine_det(j);
                make_field(&v, comps, 19, 7, comps == 2 ? 1 : 5, how);
                linear_field(&v, m);
                CHECK_OK(mv_field_jacobian(T, &out, &s, &v, &o));
                CHECK(out.ndim == 3 && out.dtype == MEDVOL_F32 && out.dim[0] == 19 && out.dim[1] == 7);
                CHECK(memcmp(out.affine, v.affine, sizeof v.affine) == 0);
                for (i = 0; i < voxels(&v); i++) CHECK_NEAR((double)((float *)out.data)[i], det, 3e-5);
                CHECK_NEAR(s.mean, det, 1e-5);
                CHECK_NEAR(s.log_mean, log(det), 1e-5);
                CHECK_NEAR(s.log_sd, 0, 3e-5);
                mv_volume_free(T, &v);
                mv_volume_free(T, &out);
            }
}
static void jacobian_random(void) { /* all shapes, against the letter; statistics against sums over the map */
    static const size_t shapes[][3] = {{1, 1, 1}, {2, 1, 1}, {1, 3, 2}, {3, 3, 3}, {17, 2, 3}, {1, 9, 4},
                                       {16, 5, 1},
                                       {33, 4, 3}, {531, 3, 2}, {70, 1, 5}, {18, 6, 4}};
    mv_volume v, out, mask;
    mv_jacobian_opt o = {0};
    mv_jacobian_stats s, bare;
    size_t i, k;
    int comps, how;
    t_seed(22);
    for (k = 0; k < sizeof shapes / sizeof *shapes; k++)
        for (comps = 2; comps < 4; comps++)
            for (how = 0; how < 3; how++)
                for (o.strict = 0; o.strict < 2; o.strict++) {
                    const size_t nz = comps == 2 ? 1 : shapes[k][2];
                    uint8_t *live;
                    if (comps == 2 && how == OBLIQUE) continue;
                    make_field(&v, comps, shapes[k][0], shapes[k][1], nz, how);
                    for (i = 0; i < mv_volume_count(&v); i++) ((float *)v.data)[i] = (float)t_uniform(-0.7,
                                                                                                      0.7);
                    memset(&out, 0, sizeof out);
                    CHECK_OK(mv_field_jacobian(T, &out, &s, &v, &o));
                    for (i = 0; i < voxels(&v); i++) {
                        double want = det_of(&v, i, o.strict);
                        CHECK_NEAR((double)((float *)out.data)[i], want, 1e-5 * (1 + fabs(want)));
                    }
                    live = (uint8_t *)malloc(voxels(&v) + 1);
                    if (!CHECK(live != NULL)) return;
                    memset(live, 1, voxels(&v));
                    check_stats(&s, (float *)out.data, live, voxels(&v));
                    CHECK_OK(mv_field_jacobian(T, NULL, &bare, &v, &o));
                    CHECK(memcmp(&s, &bare, sizeof s) == 0);
                    /* with a mask: f32 with NaN and 0, or scaled bytes of which 3 means 0 */
                    memset(&mask, 0, sizeof mask);
                    CHECK_OK(mv_volume_alloc(T, &mask, k % 2 ? MEDVOL_U8 : MEDVOL_F32, 3, v.dim));
                    for (i = 0; i < voxels(&v); i++) {
                        live[i] = t_bits() % 3 == 0;
                        if (k % 2) ((uint8_t *)mask.data)[i] = live[i] ? (uint8_t)(t_bits() % 3) : 3;
                        else ((float *)mask.data)[i] = live[i] ? -0.5f : t_bits() & 1 ? NAN : 0.0f;
                    }
                    if (k % 2) mask.slope = 2, mask.inter = -6;
                    ((float *)v.data)[voxels(&v) / 2] = k % 3 ? NAN : HUGE_VALF;
                    o.mask = &mask;
                    CHECK_OK(mv_field_jacobian(T, &out, &s, &v, &o)); /* into out's memory */
                    check_stats(&s, (float *)out.data, live, voxels(&v));
                    i = voxels(&v) / 2;
                    if (shapes[k][0] > 2 &&
                        o.strict) CHECK(((float *)out.data)[i] - ((float *)out.data)[i] != 0);
                    if (i % v.dim[0]) CHECK(((float *)out.data)[i - 1] - ((float *)out.data)[i - 1] != 0);
                    o.mask = NULL;
                    free(live);
                    mv_volume_free(T, &mask);
                    mv_volume_free(T, &v);
                    mv_volume_free(T, &out);
                }
}
static void jacobian_forms(void) {
    mv_volume v, out = {0}, map = {0}, view, other = {0};
    mv_jacobian_stats s;
    size_t i, start[7] = {1, 2, 1, 0, 0}, size[7] = {20, 5, 4, 1, 3};
    double mean, k = 0.3, most = 0;
    make_field(&v, 3, 40, 3, 3, 0); /* a sinusoid: what central differences make of it */
    for (i = 0; i < voxels(&v); i++) plane(&v, 0)[i] = (float)(1.5 * sin(k * (double)(i % 40)));
    CHECK_OK(mv_field_jacobian(T, &out, &s, &v, NULL));
    for (i = 0; i < voxels(&v); i++)
        if (i % 40 > 0 && i % 40 < 39)
            CHECK_NEAR((double)((float *)out.data)[i], 1 + 1.5 * cos(k * (double)(i % 40)) * sin(k), 1e-6);
    mv_volume_free(T, &out);
    mv_volume_free(T, &v);
    make_field(&v, 2, 31, 27, 1, TURNED); /* area is kept where the border is */
    for (i = 0; i < voxels(&v); i++) {
        size_t x = i % 31, y = i / 31;
        if (x < 2 || y < 2 || x > 28 || y > 24) continue;
        plane(&v, 0)[i] = (float)t_uniform(-0.1, 0.1), plane(&v, 1)[i] = (float)t_uniform(-0.1, 0.1);
    }
    CHECK_OK(mv_field_jacobian(T, NULL, &s, &v, NULL));
    CHECK_NEAR(s.mean, 1, 1e-7);
    mv_volume_free(T, &v);
    make_field(&v, 3, 30, 32, 28, OBLIQUE);
    smooth_field(&v, 1.5, 1, 1);
    CHECK_OK(mv_field_jacobian(T, NULL, &s, &v, NULL));
    CHECK_NEAR(s.mean, 1, 5e-4);
    CHECK(s.log_sd > 0.02 && s.folded == 0);
    /* a view, another type with a scaling, in place */
    CHECK_OK(mv_volume_view(T, &view, &v, start, size));
    CHECK_OK(mv_field_jacobian(T, &out, &s, &view, NULL));
    mean = s.mean;
    CHECK_OK(mv_volume_copy(T, &other, &view));
    CHECK_OK(mv_field_jacobian(T, &map, &s, &other, NULL));
    CHECK(s.mean == mean && memcmp(map.data, out.data, voxels(&view) * sizeof(float)) == 0);
    CHECK_OK(mv_field_jacobian(T, &other, NULL, &other, NULL));
    CHECK(other.ndim == 3 && memcmp(map.data, other.data, voxels(&view) * sizeof(float)) == 0);
    mv_volume_free(T, &other);
    for (i = 0; i < mv_volume_count(&v); i++) most = fmax(most, fabs((double)((float *)v.data)[i]));
    {
        mv_convert_opt c = {0};
        c.slope = most / 30000;
        CHECK_OK(mv_convert(T, &other, &view, MEDVOL_I16, &c));
        CHECK_OK(mv_field_jacobian(T, &map, &s, &other, NULL));
        CHECK_NEAR(s.mean, mean, 1e-3);
    }
    mv_volume_free(T, &other);
    mv_volume_free(T, &map);
    mv_volume_free(T, &out);
    mv_volume_free(T, &v);
}
/* u at a position in voxels, by the letter; beyond the voxels the nearest one */
static void field_at(const mv_volume *v, double *u, const double *at) {
    size_t i[3], n, step[3];
    double f[3];
    int c, d, k;
    step[0] = 1, step[1] = v->dim[0], step[2] = v->dim[0] * v->dim[1];
    for (d = 0; d < 3; d++) {
        double x = fmin(fmax(at[d], 0), (double)(v->dim[d] - 1));
        n = v->dim[d];
        i[d] = (size_t)x;
        if (n > 1 && i[d] > n - 2) i[d] = n - 2;
        f[d] = x - (double)i[d];
    }
    for (c = 0; c < 3; c++)
        for (u[c] = 0, k = 0; k < 8 && c < (int)v->dim[4]; k++) {
            double w = 1;
            size_t o = 0;
            for (d = 0; d < 3; d++) {
                w *= k >> d & 1 ? f[d] : 1 - f[d];
                o += (i[d] + (size_t)(v->dim[d] > 1 ? k >> d & 1 : 0)) * step[d];
            }
            if (w != 0) u[c] += w * (double)plane(v, c)[o];
        }
}
/* |a(x) + b(x + a(x))| in voxels, its greatest but for `margin` voxels at the border */
static double round_trip(const mv_volume *a, const mv_volume *b, size_t margin) {
    double inverse[12], worst = 0, p[3], q[3], u[3];
    size_t i, d;
    int r;
    if (mv_affine_invert(inverse, a->affine) < 0) exit(1);
    inverse[3] = inverse[7] = inverse[11] = 0;
    for (i = 0; i < voxels(a); i++) {
        size_t at[3];
        int in = 1;
        at[0] = i % a->dim[0], at[1] = i / a->dim[0] % a->dim[1], at[2] = i / (a->dim[0] * a->dim[1]);
        for (d = 0; d < 3; d++)
            in = in && (a->dim[d] == 1 || (at[d] >= margin && at[d] + margin < a->dim[d]));
        if (!in) continue;
        for (r = 0; r < 3; r++) u[r] = r < (int)a->dim[4] ? (double)plane(a, r)[i] : 0;
        mv_affine_apply(p, inverse, u);
        for (r = 0; r < 3; r++) q[r] = (double)at[r] + p[r];
        field_at(b, u, q);
        mv_affine_apply(q, inverse, u);
        for (r = 0; r < 3; r++) p[r] += q[r];
        worst = fmax(worst, sqrt(p[0] * p[0] + p[1] * p[1] + p[2] * p[2]));
    }
    return worst;
}
static int middle(const mv_volume *v, size_t i) {
    size_t d, in = 1, at = i;
    for (d = 0; d < 3; at /= v->dim[d++]) in = in && 3 * (at % v->dim[d]) >= v->dim[d] - 1 &&
        3 * (at % v->dim[d]) <= 2 * v->dim[d];
    return (int)in;
}
static void exp_simple(void) {
    mv_volume v, w = {0};
    mv_field_exp_opt o = {0};
    double m[12], e[12], p[3], q[3];
    size_t i;
    int comps, how, c, k;
    for (how = 0; how < 3; how++)
        for (comps = 2; comps < 4; comps++) {
            if (comps == 2 && how == OBLIQUE) continue;
            make_field(&v, comps, 12, 9, comps == 2 ? 1 : 7, how); /* everywhere the same */
            for (i = 0; i < voxels(&v); i++)
                for (c = 0; c < comps; c++) plane(&v, c)[i] = (float)(3.7 - 2.9 * c);
            for (o.inverse = 0; o.inverse < 2; o.inverse++) {
                CHECK_OK(mv_field_exp(T, &w, &v, &o));
                CHECK(w.ndim == 5 && w.dim[4] == (size_t)comps && memcmp(w.affine, v.affine,
                                                                         sizeof w.affine) == 0);
                for (i = 0; i < mv_volume_count(&v); i++)
                    CHECK_NEAR(((float *)w.data)[i], (o.inverse ? -1 : 1) * ((float *)v.data)[i], 1e-5);
            }
            o.inverse = 0;
            mv_volume_free(T, &w);
            mv_volume_free(T, &v);
            /* linear in p about the centre: the flow is the matrix exponential, where nothing comes from
               beyond the border */
            make_field(&v, comps, 33, 31, comps == 2 ? 1 : 29, how);
            memset(m, 0, sizeof m);
            m[0] = -0.3, m[1] = 0.25, m[4] = -0.35, m[5] = -0.2, m[10] = comps == 3 ? -0.25 : 0;
            if (comps == 3) m[2] = 0.1, m[9] = -0.15;
            p[0] = 16, p[1] = 15, p[2] = comps == 3 ? 14 : 0;
            mv_affine_apply(q, v.affine, p);
            for (k = 0; k < 3;
                 k++) m[4 * k + 3] = -(m[4 * k] * q[0] + m[4 * k + 1] * q[1] + m[4 * k + 2] * q[2]);
            linear_field(&v, m);
            CHECK_OK(mv_affine_exp(e, m));
            CHECK_OK(mv_field_exp(T, &w, &v, NULL)); /* contracts: stays inside */
            for (i = 0; i < voxels(&v); i++) {
                world_of(&v, p, i);
                mv_affine_apply(q, e, p);
                if (!middle(&v, i)) continue;
                for (c = 0; c < comps; c++) CHECK_NEAR((double)plane(&w, c)[i], q[c] - p[c], 0.005);
            }
            for (o.steps = 1; o.steps < 9; o.steps++) { /* more steps, closer */
                double worst = 0;
                CHECK_OK(mv_field_exp(T, &w, &v, &o));
                for (i = 0; i < voxels(&v); i++) {
                    world_of(&v, p, i);
                    mv_affine_apply(q, e, p);
                    for (c = 0; c < comps && middle(&v, i); c++) worst = fmax(worst, fabs((double)plane(&w,
                        c)[i] - (q[c] - p[c])));
                }
                CHECK(worst < 1.0 * pow(4, -o.steps) + 1e-4);
            }
            o.steps = 0;
            CHECK_OK(mv_field_exp(T, &v, &v, &o)); /* in place */
            mv_volume_free(T, &w);
            mv_volume_free(T, &v);
        }
}
static void exp_inverse(void) { /* there and back again */
    mv_volume v, a = {0}, b = {0}, c = {0}, view;
    mv_field_exp_opt o = {0};
    size_t start[7] = {3, 2, 0, 0, 0}, size[7] = {20, 18, 1, 1, 3}, i;
    double far;
    int comps, how;
    for (how = 0; how < 3; how++)
        for (comps = 2; comps < 4; comps++) {
            if (comps == 2 && how == OBLIQUE) continue;
            make_field(&v, comps, 42, 39, comps == 2 ? 1 : 37, how);
            smooth_field(&v, 3, 0.5, 1);
            o.inverse = 0;
            CHECK_OK(mv_field_exp(T, &a, &v, &o));
            o.inverse = 1;
            CHECK_OK(mv_field_exp(T, &b, &v, &o));
            far = round_trip(&a, &b, 0);
            CHECK(far < 0.01);
            far = round_trip(&b, &a, 0);
            CHECK(far < 0.01);
            /* a view, in its own strides; in place; NaN */
            size[2] = comps == 2 ? 1 : 9;
            size[4] = (size_t)comps;
            CHECK_OK(mv_volume_view(T, &view, &v, start, size));
            CHECK_OK(mv_volume_copy(T, &c, &view));
            mv_volume_free(T, &b);
            CHECK_OK(mv_field_exp(T, &b, &c, NULL));
            CHECK_OK(mv_field_exp(T, &view, &c, NULL));
            CHECK_OK(mv_field_exp(T, &c, &c, NULL));
            CHECK(memcmp(c.data, b.data, mv_volume_count(&c) * sizeof(float)) == 0);
            mv_volume_free(T, &c);
            CHECK_OK(mv_volume_copy(T, &c, &view));
            CHECK(memcmp(c.data, b.data, mv_volume_count(&c) * sizeof(float)) == 0);
            plane(&c, comps - 1)[5] = NAN;
            plane(&c, 0)[voxels(&c) - 1] = HUGE_VALF;
            CHECK_OK(mv_field_exp(T, &c, &c, NULL));
            for (i = 0; i < (size_t)comps; i++)
                CHECK(plane(&c, (int)i)[5] != plane(&c, (int)i)[5] &&
                      plane(&c, (int)i)[voxels(&c) - 1] != plane(&c, (int)i)[voxels(&c) - 1]);
            mv_volume_free(T, &v);
            mv_volume_free(T, &a);
            mv_volume_free(T, &b);
            mv_volume_free(T, &c);
        }
}
static void invert_smooth(void) {
    static const double sizes[][2] = {{0.3, 1}, {2, 1}, {6, 0.5}, {9, 0.25}};
    mv_volume v, w = {0}, back = {0};
    mv_field_invert_opt o = {0};
    double residual, far, scale;
    size_t failed, k;
    int comps, how;
    o.residual = &residual;
    o.failed = &failed;
    for (k = 0; k < sizeof sizes / sizeof *sizes; k++)
        for (how = 0; how < 3; how++)
            for (comps = 2; comps < 4; comps++) {
                mv_jacobian_stats s;
                if (comps == 2 && how == OBLIQUE) continue;
                make_field(&v, comps, 45, 41, comps == 2 ? 1 : 38, how);
                scale = how == OBLIQUE ? 0.6 : how == TURNED ? 0.4 : 1;
                smooth_field(&v, sizes[k][0] * scale, sizes[k][1], 0);
                CHECK_OK(mv_field_jacobian(T, NULL, &s, &v, NULL));
                if (!CHECK(s.least > 0)) fprintf(stderr, "case %zu how %d comps %d: %g\n", k, how, comps,
                                                 s.least);
                o.tolerance = k % 2 ? 0.001 : 0;
                if (!CHECK_OK(mv_field_invert(T, &w, &v, &o))) fprintf(stderr, "case %zu how %d comps %d\n",
                                                                       k, how, comps);
                else {
                    CHECK(failed == 0 && residual <= (k % 2 ? 0.001 : 0.01));
                    far = round_trip(&w, &v, 0);
                    CHECK_NEAR(far, residual, 1e-4);
                    CHECK_OK(mv_field_invert(T, &back, &w, &o));
                    CHECK(round_trip(&back, &w, 0) <= 0.0101);
                    CHECK_OK(mv_field_invert(T, &v, &v, &o)); /* in place */
                    CHECK(memcmp(v.data, w.data, mv_volume_count(&v) * sizeof(float)) == 0);
                }
                mv_volume_free(T, &v);
                mv_volume_free(T, &w);
                mv_volume_free(T, &back);
            }
}
static void invert_folded(void) {
    mv_volume v, w = {0};
    mv_field_invert_opt o = {0};
    mv_jacobian_stats s;
    double residual = -1, far;
    size_t failed = 77, i, before;
    o.residual = &residual;
    o.failed = &failed;
    make_field(&v, 3, 40, 32, 21, 0);
    smooth_field(&v, 12, 2, 1);
    CHECK_OK(mv_field_jacobian(T, NULL, &s, &v, NULL));
    CHECK(s.folded > 100);
    /* what nothing maps to: a jump over five voxels */
    for (i = 0; i < voxels(&v); i++) plane(&v, 0)[i] += i % 40 < 20 ? -6 : 6;
    CHECK_STATUS(mv_field_invert(T, &w, &v, &o), MEDVOL_E_CONVERGENCE);
    CHECK(w.data == NULL && failed > 0 && failed < voxels(&v) && residual > 0.01);
    CHECK(strstr(mv_message(T), "folded") && strcmp(T->error.field, "residual") == 0);
    CHECK_OK(mv_volume_alloc(T, &w, MEDVOL_F32, 5, v.dim));
    memset(w.data, 0x5a, mv_volume_count(&w) * sizeof(float));
    CHECK_STATUS(mv_field_invert(T, &w, &v, &o), MEDVOL_E_CONVERGENCE);
    for (i = 0; i < mv_volume_count(&w) * sizeof(float); i++) CHECK(((unsigned char *)w.data)[i] == 0x5a);
    before = failed;
    o.best = 1;
    CHECK_OK(mv_field_invert(T, &w, &v, &o));
    CHECK(failed == before);
    far = round_trip(&w, &v, 0);
    CHECK_NEAR(far, residual, 1e-3);
    /* a displacement that is none: those who come to it and it alone; nothing is counted */
    memset(v.data, 0, mv_volume_count(&v) * sizeof(float));
    plane(&v, 1)[2000] = NAN;
    plane(&v, 2)[7000] = -HUGE_VALF;
    o.best = 0;
    CHECK_OK(mv_field_invert(T, &w, &v, &o));
    CHECK(failed == 0 && residual == 0);
    for (before = i = 0; i < voxels(&v); i++) before += plane(&w, 0)[i] != plane(&w, 0)[i];
    CHECK(before >= 2 && before <= 16); /* all corners of a voxel's cell count */
    CHECK(plane(&w, 0)[2000] != plane(&w, 0)[2000] && plane(&w, 2)[7000] != plane(&w, 2)[7000]);
    CHECK(plane(&w, 0)[100] == 0);
    mv_volume_free(T, &v);
    mv_volume_free(T, &w);
}
static void small_fields(void) { /* one voxel along an axis, or all: what is constant there stays it */
    static const size_t shapes[][3] = {{1, 1, 1}, {1, 5, 4}, {6, 1, 5}, {7, 3, 1}, {2, 2, 2}, {1, 1, 9}, {17,
        1, 1}};
    mv_volume v, w = {0}, a = {0}, b = {0};
    mv_field_exp_opt o = {0};
    size_t k, i;
    int comps, how;
    o.inverse = 1;
    t_seed(3);
    for (k = 0; k < sizeof shapes / sizeof *shapes; k++)
        for (how = 0; how < 3; how++)
            for (comps = 2; comps < 4; comps++) {
                if (comps == 2 && how == OBLIQUE) continue;
                make_field(&v, comps, shapes[k][0], shapes[k][1], comps == 2 ? 1 : shapes[k][2], how);
                for (i = 0; i < mv_volume_count(&v); i++) ((float *)v.data)[i] = (float)t_uniform(-0.1, 0.1);
                CHECK_OK(mv_field_invert(T, &w, &v, NULL));
                CHECK(round_trip(&w, &v, 0) <= 0.01);
                CHECK_OK(mv_field_exp(T, &a, &v, NULL));
                CHECK_OK(mv_field_exp(T, &b, &v, &o));
                CHECK(round_trip(&a, &b, 0) <= 0.2);
                mv_volume_free(T, &v);
                mv_volume_free(T, &w);
                mv_volume_free(T, &a);
                mv_volume_free(T, &b);
            }
}
static void refused(void) {
    mv_volume v, w = {0}, bad, mask = {0};
    mv_jacobian_stats s;
    mv_jacobian_opt j = {0};
    mv_field_exp_opt e = {0};
    mv_field_invert_opt o = {0};
    size_t dim[7] = {4, 3, 2, 1, 3, 1, 1}, k;
    make_field(&v, 3, 4, 3, 2, OBLIQUE);
    CHECK_STATUS(mv_field_jacobian(T, NULL, NULL, &v, NULL), MEDVOL_E_NULL);
    CHECK_STATUS(mv_field_jacobian(T, &w, NULL, NULL, NULL), MEDVOL_E_NULL);
    CHECK_STATUS(mv_field_exp(T, NULL, &v, NULL), MEDVOL_E_NULL);
    CHECK_STATUS(mv_field_exp(T, &w, NULL, NULL), MEDVOL_E_NULL);
    CHECK_STATUS(mv_field_invert(T, NULL, &v, NULL), MEDVOL_E_NULL);
    CHECK_STATUS(mv_field_invert(T, &w, NULL, NULL), MEDVOL_E_NULL);
    for (k = 0; k < 8; k++) { /* shapes, types and grids that no field has */
        static const mv_status want[8] = {MEDVOL_E_SHAPE, MEDVOL_E_SHAPE, MEDVOL_E_SHAPE, MEDVOL_E_DTYPE,
                                          MEDVOL_E_SINGULAR, MEDVOL_E_SHAPE, MEDVOL_E_SHAPE,
                                              MEDVOL_E_SINGULAR};
        bad = v;
        if (k == 0) bad.dim[4] = 4;
        if (k == 1) bad.ndim = 4, bad.dim[4] = 1;
        if (k == 2) bad.dim[3] = 2, bad.dim[4] = 1;
        if (k == 3) bad.dtype = MEDVOL_C64, bad.dim[2] = 1;
        if (k == 4) bad.affine[0] = bad.affine[4] = bad.affine[8] = 0;
        if (k == 5) bad.dim[4] = 2;
        if (k == 6) bad.dim[4] = 2, bad.dim[2] = 1;
        if (k == 7) bad.affine[5] = NAN;
        CHECK_STATUS(mv_field_jacobian(T, &w, &s, &bad, NULL), want[k]);
        CHECK_STATUS(mv_field_exp(T, &w, &bad, NULL), want[k]);
        CHECK_STATUS(mv_field_invert(T, &w, &bad, NULL), want[k]);
        CHECK(strstr(mv_message(T), "field_invert: ") == mv_message(T) && !w.data);
    }
    for (k = 0; k < 2; k++) {
        e.steps = k ? 31 : -1;
        CHECK_STATUS(mv_field_exp(T, &w, &v, &e), MEDVOL_E_RANGE);
        o.iterations = -1, o.tolerance = 0;
        CHECK_STATUS(mv_field_invert(T, &w, &v, &o), MEDVOL_E_RANGE);
        o.iterations = 0, o.tolerance = k ? NAN : -0.1;
        CHECK_STATUS(mv_field_invert(T, &w, &v, &o), MEDVOL_E_RANGE);
        o.tolerance = k ? 1e-6 : HUGE_VAL;
        CHECK_STATUS(mv_field_invert(T, &w, &v, &o), MEDVOL_E_RANGE);
    }
    bad = v; /* dst that lies across the field, of another shape or type */
    bad.data = (float *)v.data + 1;
    bad.owner = NULL;
    CHECK_STATUS(mv_field_exp(T, &bad, &v, NULL), MEDVOL_E_ALIAS);
    CHECK_STATUS(mv_field_invert(T, &bad, &v, NULL), MEDVOL_E_ALIAS);
    CHECK_OK(mv_volume_alloc(T, &w, MEDVOL_F64, 5, dim));
    CHECK_STATUS(mv_field_exp(T, &w, &v, NULL), MEDVOL_E_DTYPE);
    CHECK_STATUS(mv_field_invert(T, &w, &v, NULL), MEDVOL_E_DTYPE);
    CHECK_STATUS(mv_field_jacobian(T, &w, NULL, &v, NULL), MEDVOL_E_DTYPE);
    mv_volume_free(T, &w);
    CHECK_OK(mv_volume_alloc(T, &w, MEDVOL_F32, 3, dim));
    CHECK_STATUS(mv_field_exp(T, &w, &v, NULL), MEDVOL_E_SHAPE);
    j.mask = &w;
    CHECK_STATUS(mv_field_jacobian(T, &w, &s, &v, &j), MEDVOL_E_ALIAS);
    mv_volume_free(T, &v);
    make_field(&v, 3, 4, 3, 2, 0);
    mask = w;
    mask.dim[1] = 2;
    j.mask = &mask;
    CHECK_STATUS(mv_field_jacobian(T, NULL, &s, &v, &j), MEDVOL_E_SHAPE);
    mask = w, mask.dtype = MEDVOL_C64, mask.dim[2] = 1;
    CHECK_STATUS(mv_field_jacobian(T, NULL, &s, &v, &j), MEDVOL_E_DTYPE);
    mv_volume_free(T, &w);
    mv_volume_free(T, &v);
}
static int stop_at(void *user, double done, double total, const char *label) {
    (void)done, (void)total, (void)label;
    return --*(int *)user == 0;
}
static void cancelled(void) {
    mv_volume v, w = {0}, map = {0};
    mv_jacobian_stats s;
    int calls, k, seen[3] = {0, 0, 0};
    make_field(&v, 3, 40, 30, 20, 0);
    smooth_field(&v, 2, 1, 1);
    T->desc.progress = stop_at;
    T->desc.progress_user = &calls;
    for (k = 0; k < 3; k++) {
        int n;
        for (n = 1; n < 200; n++) {
            mv_status st;
            calls = n;
            st = k == 0   ? mv_field_jacobian(T, &map, &s, &v, NULL)
                 : k == 1 ? mv_field_exp(T, &w, &v, NULL)
                          : mv_field_invert(T, &w, &v, NULL);
            if (st == MEDVOL_OK) break;
            CHECK_STATUS(st, MEDVOL_E_CANCELLED);
            CHECK(!w.data && !map.data);
            seen[k]++;
        }
        CHECK(seen[k] > 0 && n < 200);
        mv_volume_free(T, &w);
        mv_volume_free(T, &map);
    }
    T->desc.progress = NULL;
    mv_volume_free(T, &v);
}

/* ---- files of fields ---- */
/* SimpleITK 2.5.7: 2 x 3 x 2 vectors (1 + i, -20 - i, 300 + i) in LPS, spacing 1.5 2 3, origin 10 20 30,
    direction
   0 1 0 -1 0 0 0 0 1. Offsets and words of the header that are not 0. */
static const uint32_t itk_field[][2] = {
    {0, 0x15c}, {36, 0x720000}, {40, 0x20005}, {44, 0x20003}, {48, 0x30001}, {52, 0x10001}, {68, 0x1003ef},
    {72, 0x20}, {76, 0x3f800000}, {80, 0x3fc00000}, {84, 0x40000000}, {88, 0x40400000}, {108, 0x43b00000},
    {112, 0x3f800000}, {120, 0xa000000}, {252, 0x10001}, {264, 0x3f3504f3}, {268, 0xc1200000}, {272,
                                                                                                0xc1a00000},
    {276, 0x41f00000}, {284, 0xc0000000}, {292, 0xc1200000}, {296, 0x3fc00000}, {308, 0xc1a00000},
    {320, 0x40400000}, {324, 0x41f00000}, {344, 0x312b6e}};
static void put_word(unsigned char *p, uint32_t w) {
    int k;
    for (k = 0; k < 4; k++) p[k] = (unsigned char)(w >> 8 * k);
}
static void put_float(unsigned char *p, float f) {
    uint32_t w;
    memcpy(&w, &f, 4);
    put_word(p, w);
}
static size_t itk_bytes(unsigned char *file) {
    size_t i;
    memset(file, 0, 352);
    for (i = 0; i < sizeof itk_field / sizeof *itk_field; i++) put_word(file + itk_field[i][0],
                                                                        itk_field[i][1]);
    for (i = 0; i < 12; i++) {
        put_float(file + 352 + 4 * i, 1 + (float)i);
        put_float(file + 400 + 4 * i, -20 - (float)i);
        put_float(file + 448 + 4 * i, 300 + (float)i);
    }
    return 496;
}
static void field_files(void) {
    unsigned char file[496];
    const char *path = t_path("field.nii");
    /* world points in LPS and where SimpleITK's DisplacementFieldTransform takes them */
    static const double at[3][6] = {{10, 20, 30, 11, 0, 330},
                                    {11, 18.7, 31, 15.866666666666667, -5.166666666666668, 334.8666666666667},
                                    {10.5, 19.2, 32.9, 18.33333333333333, -7.633333333333333,
                                     339.7333333333333}};
    mv_volume v = {0}, w = {0}, raw = {0}, view;
    mv_load_opt crop = {0};
    mv_save_opt save = {0};
    double inverse[12], p[3], u[3];
    size_t i, start[7] = {0}, size[7] = {2, 2, 2, 1, 3};
    int k, r;
    itk_bytes(file);
    spew(path, file, sizeof file);
    CHECK_OK(mv_field_load(T, &v, path, NULL));
    CHECK(v.ndim == 5 && v.dim[4] == 3 && v.dtype == MEDVOL_F32 && v.nifti && v.nifti->intent_code == 1006);
    for (i = 0; i < 12; i++)
        CHECK(plane(&v, 0)[i] == -1 - (float)i && plane(&v, 1)[i] == 20 + (float)i && plane(&v,
            2)[i] == 300 + (float)i);
    CHECK_OK(mv_affine_invert(inverse, v.affine));
    for (k = 0; k < 3; k++) {
        for (r = 0; r < 3; r++) p[r] = r < 2 ? -at[k][r] : at[k][r];
        mv_affine_apply(p, inverse, p);
        field_at(&v, u, p);
        for (r = 0; r < 3; r++) CHECK_NEAR((r < 2 ? -u[r] : u[r]) + at[k][r], at[k][3 + r], 1e-5);
    }
    /* what we write reads the same, as ITK would see it */
    path = t_path("field2.nii.gz");
    CHECK_OK(mv_field_save(T, &v, path, NULL));
    CHECK_OK(mv_load(T, &raw, path, NULL));
    CHECK(raw.nifti->intent_code == 1007 && raw.ndim == 5 && raw.dim[3] == 1 && raw.dim[4] == 3);
    CHECK(memcmp(raw.data, file + 352, 144) == 0 || T_BIG_ENDIAN);
    CHECK(plane(&raw, 0)[3] == 4 && plane(&raw, 1)[3] == -23 && plane(&raw, 2)[3] == 303);
    CHECK_OK(mv_field_load(T, &w, path, NULL));
    CHECK(memcmp(w.data, v.data, 144) == 0 && memcmp(w.affine, v.affine, sizeof v.affine) == 0);
    CHECK_OK(mv_field_load(T, &w, path, NULL)); /* into memory */
    CHECK(memcmp(w.data, v.data, 144) == 0);
    /* through mv_save: displacement vectors of NIfTI's own sense */
    path = t_path("field3.nii");
    CHECK_OK(mv_save(T, &v, path, NULL));
    mv_volume_free(T, &w);
    CHECK_OK(mv_field_load(T, &w, path, NULL));
    CHECK(memcmp(w.data, v.data, 144) == 0);
    mv_volume_free(T, &w);
    /* a crop, a view, a field without a header, of another type, 2-D */
    crop.crop = 3;
    crop.start[1] = 1, crop.size[0] = 2, crop.size[1] = 2, crop.size[2] = 2;
    CHECK_OK(mv_field_load(T, &w, path, &crop));
    start[1] = 1;
    CHECK_OK(mv_volume_view(T, &view, &v, start, size));
    CHECK(w.dim[1] == 2 && plane(&w, 0)[0] == -3 && memcmp(w.affine, view.affine, sizeof w.affine) == 0);
    mv_volume_free(T, &w);
    view.nifti = NULL;
    CHECK_OK(mv_field_save(T, &view, path, NULL));
    CHECK_OK(mv_field_load(T, &w, path, NULL));
    CHECK(w.dim[1] == 2 && plane(&w, 0)[0] == -3 && plane(&w, 2)[7] == 311);
    CHECK_NEAR(apart(w.affine, view.affine), 0, 1e-6);
    mv_volume_free(T, &w);
    mv_volume_free(T, &raw);
    CHECK_OK(mv_convert(T, &raw, &view, MEDVOL_I16, NULL));
    CHECK_OK(mv_field_save(T, &raw, path, NULL));
    CHECK_OK(mv_field_load(T, &w, path, NULL));
    CHECK(plane(&w, 0)[0] == -3 && plane(&w, 2)[7] == 311 && w.dtype == MEDVOL_F32);
    save.dtype = MEDVOL_F64;
    CHECK_OK(mv_field_save(T, &w, path, &save));
    CHECK_OK(mv_field_load(T, &w, path, NULL));
    CHECK(plane(&w, 0)[0] == -3 && plane(&w, 2)[7] == 311 && w.dtype == MEDVOL_F32);
    mv_volume_free(T, &w);
    mv_volume_free(T, &raw);
    mv_volume_free(T, &v);
    make_field(&v, 2, 5, 4, 1, TURNED);
    for (i = 0; i < 40; i++) ((float *)v.data)[i] = (float)i - 7;
    CHECK_OK(mv_field_save(T, &v, path, NULL));
    CHECK_OK(mv_field_load(T, &w, path, NULL));
    CHECK(w.ndim == 5 && w.dim[2] == 1 && w.dim[4] == 2 && memcmp(w.data, v.data, 160) == 0);
    CHECK_OK(mv_load(T, &raw, path, NULL));
    CHECK(plane(&raw, 0)[9] == -2 && plane(&raw, 1)[9] == -22);
    mv_volume_free(T, &raw);
    mv_volume_free(T, &w);
    mv_volume_free(T, &v);
}
static void field_files_refused(void) {
    unsigned char file[496];
    const char *path = t_path("field4.nii");
    mv_volume v = {0}, w;
    mv_load_opt o = {0};
    size_t k;
    for (k = 0; k < 6; k++) {
        static const mv_status want[6] = {MEDVOL_E_FORMAT, MEDVOL_E_SHAPE, MEDVOL_E_SHAPE, MEDVOL_E_TRUNCATED,
                                          MEDVOL_E_DTYPE, MEDVOL_E_SHAPE};
        itk_bytes(file);
        if (k == 0) file[68] = 0, file[69] = 0;           /* no intent */
        if (k == 1) file[50] = 2, file[46] = 3;           /* 2 x 3 x 3 vectors of two */
        if (k == 2) file[48] = 3, file[50] = 1;           /* a series of three */
        if (k == 3) file[42] = 3;                         /* longer than the file */
        if (k == 4) file[70] = 32, file[72] = 64, file[42] = 1; /* complex */
        if (k == 5) file[40] = 4, file[48] = 3;           /* four axes */
        spew(path, file, sizeof file);
        CHECK_STATUS(mv_field_load(T, &v, path, NULL), want[k]);
        CHECK(strstr(mv_message(T), "field4.nii") && !v.data);
    }
    for (k = 0; k < 3; k++) {
        memset(&o, 0, sizeof o);
        if (k == 0) o.crop = 4;
        if (k == 1) o.volumes = 1;
        if (k == 2) o.dtype = MEDVOL_F64;
        CHECK_STATUS(mv_field_load(T, &v, path, &o), MEDVOL_E_RANGE);
    }
    CHECK_STATUS(mv_field_load(T, NULL, path, NULL), MEDVOL_E_NULL);
    CHECK_STATUS(mv_field_load(T, &v, NULL, NULL), MEDVOL_E_NULL);
    CHECK_STATUS(mv_field_load(T, &v, t_path("none.nii"), NULL), MEDVOL_E_NOTFOUND);
    itk_bytes(file);
    spew(path, file, sizeof file);
    make_field(&w, 3, 2, 2, 2, 0); /* memory of another shape */
    CHECK_STATUS(mv_field_load(T, &w, path, NULL), MEDVOL_E_SHAPE);
    CHECK(plane(&w, 0)[0] == 0);
    CHECK_STATUS(mv_field_save(T, NULL, path, NULL), MEDVOL_E_NULL);
    CHECK_STATUS(mv_field_save(T, &w, NULL, NULL), MEDVOL_E_NULL);
    CHECK_STATUS(mv_field_save(T, &w, t_path("no folder/x.nii"), NULL), MEDVOL_E_NOTFOUND);
    w.dim[3] = 3, w.dim[4] = 1;
    CHECK_STATUS(mv_field_save(T, &w, path, NULL), MEDVOL_E_SHAPE);
    w.dim[3] = 1, w.dim[4] = 3;
    mv_volume_free(T, &w);
}
const t_case tests_field_algebra[] = {
    {"affine/exp of turns, scales and shears", exp_closed, T_ONCE},
    {"affine/exp refused", exp_refused, T_ONCE},
    {"affine/log and root", logs, T_ONCE},
    {"affine/no log", logs_refused, T_ONCE},
    {"affine/parts", parts, T_ONCE},
    {"affine/text of ITK", itk_load, T_ONCE},
    {"affine/text of ITK saved", itk_save, T_ONCE},
    {"affine/decimal numbers", itk_numbers, T_ONCE},
    {"affine/text of ITK refused", itk_refused, T_ONCE},
    {"jacobian/linear", jacobian_linear, 0},
    {"jacobian/random", jacobian_random, 0},
    {"jacobian/forms", jacobian_forms, 0},
    {"exp/constant and linear", exp_simple, 0},
    {"exp/there and back", exp_inverse, 0},
    {"invert/smooth", invert_smooth, 0},
    {"invert/folded", invert_folded, 0},
    {"fields of a voxel or two", small_fields, 0},
    {"fields refused", refused, T_ONCE},
    {"fields cancelled", cancelled, 0},
    {"files of fields", field_files, T_ONCE},
    {"files of fields refused", field_files_refused, T_ONCE},
    {NULL, NULL, 0},
};
