/* test_io.c - files: NIfTI-1/2, pairs, Analyze, crops, maps, saving, bad input, faults. Every file read here
   was made by the writer of nifti.h, which shares no code with medvol; what medvol writes is looked at byte
   by byte. */
#if defined(__unix__) || defined(__APPLE__)
#  define _DEFAULT_SOURCE 1
#  define _FILE_OFFSET_BITS 64
#  include <dirent.h>
#  include <sys/stat.h>
#  include <unistd.h>
#  define POSIX 1
#endif
#include "nifti.h"

static int file_is(const char *path, bytes want) {
    bytes b = file_get(path);
    int same = b.n == want.n && memcmp(b.p, want.p, b.n) == 0;
    free(b.p);
    return same;
}
static int message_has(const char *text) { return strstr(mv_message(T), text) != NULL; }

/* ---- reading what the writer made ---- */
static void test_every_type(void) { /* type x byte order x version x form; B7 B10 B26 */
    int t, big, version, form;
    for (t = 0; t < TYPES; t++)
        for (big = 0; big < 2; big++)
            for (version = 1; version <= 2; version++) {
                spec s = {0};
                bytes file, header, voxels, z;
                mv_volume v = {0};
                mv_load_opt o = {0};
                s.version = version, s.big = big, s.dtype = types[t].t;
                s.ndim = 4, s.dim[0] = 13, s.dim[1] = 3, s.dim[2] = 2, s.dim[3] = 2;
                for (form = 0; form < 5; form++) {
                    s.pair = form >= 3;
                    file = make_file(s), header = make_header(s), voxels = make_voxels(s);
                    if (form == 0) CHECK_OK(mv_load_mem(T, &v, file.p, file.n, NULL));
                    else if (form < 3) {
                        z = gz(file.p, file.n, form == 1 ? 0 : 1, 100);
                        CHECK_OK(mv_load_mem(T, &v, z.p, z.n, NULL));
                        free(z.p);
                    } else {
                        z = gz(voxels.p, voxels.n, form == 3 ? 0 : 2, 64);
                        o.img = form == 3 ? voxels.p : z.p;
                        o.img_bytes = form == 3 ? voxels.n : z.n;
                        CHECK_OK(mv_load_mem(T, &v, header.p, header.n, &o));
                        free(z.p);
                    }
                    CHECK(v.dtype == types[t].t && v.ndim == 4 && v.dim[0] == 13 && v.dim[1] == 3 &&
                        v.dim[2] == 2 && v.dim[3] == 2);
                    CHECK(v.data && same_voxels(&v, &s));
                    CHECK(v.nifti && v.nifti->version == version && v.nifti->big_endian == big &&
                        v.nifti->pair == s.pair);
                    CHECK(v.affine[0] == 1.25 && v.affine[5] == 1.5 && v.affine[10] == 1.75 &&
                        v.affine[3] == 0 && v.step[0] == 2.0);
                    CHECK(mv_warnings(T) == 0);
                    mv_volume_free(T, &v);
                    free(file.p);
                    free(header.p);
                    free(voxels.p);
                }
            }
}
/* What medvol writes: its bytes, then loaded again. */
static void test_save_every_type(void) {
    static const char magics[2][2][5] = {{"n+1", "n+2"}, {"ni1", "ni2"}};
    int t, big, version, form, one = 1, host_big = *(char *)&one == 0;
    for (t = 0; t < TYPES; t++)
        for (big = 0; big < 2; big++)
            for (version = 1; version <= 2; version++)
                for (form = 0; form < 4; form++) {
                    spec s = {0};
                    bytes file, voxels;
                    mv_volume v = {0}, w = {0};
                    mv_save_opt o = {0};
                    mv_load_opt lo = {0};
                    mv_buffer out = {0}, img = {0};
                    const unsigned char *p;
                    size_t at = version == 2 ? 544 : 352;
                    s.dtype = types[t].t;
                    s.ndim = 2, s.dim[0] = 19, s.dim[1] = 5;
                    s.big = host_big;
                    file = make_file(s);
                    CHECK_OK(mv_load_mem(T, &v, file.p, file.n, NULL));
                    o.version = version, o.big_endian = big, o.gzip = form & 1, o.pair = form >= 2,
                    o.dtype = types[t].t;
                    CHECK_OK(mv_save_mem(T, &out, &img, &v, &o));
                    s.big = big;
                    voxels = make_voxels(s);
                    p = (const unsigned char *)out.data;
                    if (!(form & 1)) { /* by hand */
                        CHECK(get(p, 'i', big) == (version == 2 ? 540 : 348));
                        CHECK(memcmp(p + (version == 2 ? 4 : 344), magics[form >= 2][version == 2], 4) == 0);
                        CHECK(version == 1 || memcmp(p + 8, "\r\n\032\n", 4) == 0);
                        CHECK(get(p + (version == 2 ? 12 : 70), 'h', big) == types[t].t);
                        CHECK(get(p + (version == 2 ? 14 : 72), 'h', big) == types[t].size * 8);
                        CHECK(get(p + (version == 2 ? 24 : 42), version == 2 ? 'l' : 'h', big) == 19);
                        CHECK(get(p + (version == 2 ? 168 : 108), version == 2 ? 'l' : 'f', big) ==
                            (form >= 2 ? 0 : (double)at));
                        if (form < 2)
                            CHECK(out.bytes == at + voxels.n && memcmp(p + at, voxels.p, voxels.n) == 0);
                        else
                            CHECK(out.bytes == at && img.bytes == voxels.n &&
                                memcmp(img.data, voxels.p, voxels.n) == 0);
                    } else CHECK(p[0] == 0x1f && p[1] == 0x8b);
                    lo.img = img.data, lo.img_bytes = img.bytes;
                    CHECK_OK(mv_load_mem(T, &w, out.data, out.bytes, &lo));
                    CHECK(w.data && same_voxels(&w, &s) && w.dtype == types[t].t &&
                        w.nifti->version == version);
                    CHECK(memcmp(w.affine, v.affine, sizeof v.affine) == 0);
                    mv_buffer_free(T, &out);
                    mv_buffer_free(T, &img);
                    mv_volume_free(T, &v);
                    mv_volume_free(T, &w);
                    free(file.p);
                    free(voxels.p);
                }
}

/* ---- broken files; the catalogue of bad headers is in test_catalogue.c ---- */
static void test_every_length(void) { /* wherever a file ends: refused, and nothing behind it is read */
    int version, zipped;
    size_t n;
    for (version = 1; version <= 2; version++)
        for (zipped = 0; zipped < 2; zipped++) {
            spec s = {0};
            bytes f, z;
            s.version = version;
            f = make_file(s);
            z = zipped ? gz(f.p, f.n, 0, 0) : f;
            for (n = 0; n <= z.n; n++) {
                unsigned char *p = (unsigned char *)t_guard(n);
                mv_volume v = {0};
                mv_status st, head;
                if (n) memcpy(p, z.p, n);
                st = mv_load_mem(T, &v, p, n, NULL);
                if (n == z.n) CHECK(st == MEDVOL_OK && same_voxels(&v, &s));
                else if (!CHECK((st == MEDVOL_E_TRUNCATED || (n < 4 && st == MEDVOL_E_FORMAT)) && !v.data))
                    fprintf(stderr, "  %d of %d bytes: %s\n", (int)n, (int)z.n, mv_message(T));
                mv_volume_free(T, &v);
                head = mv_load_header_mem(T, &v, p, n, NULL); /* needs the header alone */
                if (!zipped) CHECK((head == MEDVOL_OK) == (n >= (version == 2 ? 540u : 348u)));
                mv_volume_free(T, &v);
                t_guard_free(p, n);
            }
            if (zipped) free(z.p);
            free(f.p);
        }
}
static void test_other_formats(void) { /* the message names what it is instead */
    static const struct {
        const char *start;
        size_t n, at;
        const char *says;
    } kinds[] = {
        {"<!DOCTYPE html><html>", 21, 0, "HTML"},
        {"version https://git-lfs.github.com/spec/v1\n", 43, 0, "Git LFS"}, {"DICM", 4, 128, "DICOM"},
        {"\x89PNG\r\n\032\n", 8, 0, "PNG"}, {"NRRD0005\n", 9, 0, "NRRD"}, {"PK\3\4", 4, 0, "ZIP"},
        {"hello, this is a text of some length", 36, 0, "text"}, {"\x89HDF\r\n", 6, 0, "HDF5"},
    };
    size_t i, j;
    unsigned char b[600];
    mv_volume v = {0};
    bytes z, y;
    for (i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        memset(b, 'a', sizeof b);
        memcpy(b + kinds[i].at, kinds[i].start, kinds[i].n);
        CHECK_STATUS(mv_load_mem(T, &v, b, sizeof b, NULL), MEDVOL_E_FORMAT);
        CHECK(message_has(kinds[i].says));
    }
    for (i = 0; i < 200; i++) { /* noise */
        for (j = 0; j < sizeof b; j++) b[j] = (unsigned char)t_bits();
        CHECK(mv_load_mem(T, &v, b, 1 + i * 3, NULL) < 0 && v.data == NULL);
    }
    z = gz(b, sizeof b, 0, 0);
    y = gz(z.p, z.n, 0, 0);
    CHECK_STATUS(mv_load_mem(T, &v, y.p, y.n, NULL), MEDVOL_E_FORMAT);
    CHECK(message_has("gzip within gzip"));
    free(y.p);
    free(z.p);
}

/* ---- geometry ---- */
static bytes geometry_file(int version, const patch *p, size_t n) {
    spec s = {0};
    bytes b;
    size_t i;
    s.version = version;
    b = make_file(s);
    for (i = 0; i < n; i++) put(b.p + p[i].at, p[i].type, p[i].value, 0);
    return b;
}
static void expect_affine(const char *name, const patch *p, size_t n, const double *want, unsigned warnings) {
    bytes b = geometry_file(1, p, n);
    mv_volume v = {0}, w = {0};
    mv_buffer out = {0};
    int i, ok = CHECK_OK(mv_load_mem(T, &v, b.p, b.n, NULL));
    for (i = 0; ok && i < 12; i++) ok = CHECK_NEAR(v.affine[i], want[i], 1e-6);
    ok = CHECK(mv_warnings(T) == warnings) && ok;
    if (!ok) fprintf(stderr, "  geometry \"%s\": warnings %u\n", name, mv_warnings(T));
    /* unchanged geometry goes back as it came, to the bit */
    if (ok && CHECK_OK(mv_save_mem(T, &out, NULL, &v, NULL)) &&
        !(warnings & (MEDVOL_W_PIXDIM | MEDVOL_W_AFFINE))) {
        CHECK(memcmp((unsigned char *)out.data + 252, b.p + 252, 76) == 0);
        CHECK(memcmp((unsigned char *)out.data + 76, b.p + 76, 32) == 0);
    }
    if (out.data && CHECK_OK(mv_load_mem(T, &w, out.data, out.bytes, NULL)))
        for (i = 0; i < 12; i++) CHECK_NEAR(w.affine[i], v.affine[i], 1e-6);
    mv_buffer_free(T, &out);
    mv_volume_free(T, &v);
    mv_volume_free(T, &w);
    free(b.p);
}
#define SROW(a, b, c, d, e, f, g, h, i, j, k, l)                                                             \
    {280, 'f', a}, {284, 'f', b}, {288, 'f', c}, {292, 'f', d}, {296, 'f', e}, {300, 'f', f}, {304, 'f', g}, \
    {308, 'f', h}, {312, 'f', i}, {316, 'f', j}, {320, 'f', k}, {324, 'f', l}
static void test_geometry(void) {
    static const double diag[12] = {1.25, 0, 0, 0, 0, 1.5, 0, 0, 0, 0, 1.75, 0};
    static const double sform[12] = {-2, 0.5, 0, 10, 0, 3, 0.25, -20, 0, 0, 4, 30}; /* with shear */
    static const double qform[12] = {0, -1.5, 0, 7, 1.25, 0, 0, 8, 0, 0, 1.75, 9}; /* 90 degrees about z */
    static const double qflip[12] = {0, -1.5, 0, 7, 1.25, 0, 0, 8, 0, 0, -1.75, 9};
    const double h = 0.70710678118654752;
    int i;
    const patch s_only[] = {{254, 'h', 2}, SROW(-2, 0.5, 0, 10, 0, 3, 0.25, -20, 0, 0, 4, 30)};
    const patch both[] = {{254, 'h', 4}, {252, 'h', 1}, SROW(-2, 0.5, 0, 10, 0, 3, 0.25, -20, 0, 0, 4, 30),
        {264, 'f', h}, {268, 'f', 7}, {272, 'f', 8}, {276, 'f', 9}};
    const patch q_only[] = {{252, 'h', 1}, {264, 'f', h}, {268, 'f', 7}, {272, 'f', 8}, {276, 'f', 9}};
    const patch q_neg[] = {
        {252, 'h', 1}, {264, 'f', h}, {268, 'f', 7}, {272, 'f', 8}, {276, 'f', 9}, {76, 'f', -1}};
    const patch q_zero[] = {
        {252, 'h', 1}, {264, 'f', h}, {268, 'f', 7}, {272, 'f', 8}, {276, 'f', 9}, {76, 'f', 0}};
    const patch q_half[] = {
        {252, 'h', 1}, {264, 'f', h}, {268, 'f', 7}, {272, 'f', 8}, {276, 'f', 9}, {76, 'f', 0.5}};
    const patch s_zero[] = {
        {254, 'h', 2}, {252, 'h', 1}, {264, 'f', h}, {268, 'f', 7}, {272, 'f', 8}, {276, 'f', 9}};
    /* singular, though no column is zero: two along one line; three in a plane */
    const patch s_line[] = {{254, 'h', 2}, SROW(1, 2, 0, 0, 1, 2, 0, 0, 0, 0, 3, 0)};
    const patch s_plane[] = {{254, 'h', 2}, {252, 'h', 1}, SROW(1, 0, 1, 0, 0, 1, 1, 0, 0, 0, 0, 0),
        {264, 'f', h}, {268, 'f', 7}, {272, 'f', 8}, {276, 'f', 9}};
    const patch both_nan[] = {{254, 'h', 2}, {252, 'h', 1}, SROW(1, 0, 0, NANF, 0, 1, 0, 0, 0, 0, 1, 0),
        {256, 'f', INFF}};
    const patch s_nan[] = {{254, 'h', 2}, SROW(NANF, 0, 0, 10, 0, 3, 0, 0, 0, 0, 4, 0)};
    const patch q_nan[] = {{252, 'h', 1}, {256, 'f', NANF}};
    const patch q_off[] = {{252, 'h', 1}, {268, 'f', NANF}};
    const patch q_a_little[] = {{252, 'h', 1}, {264, 'f', h}, {260, 'f', h * 1.0003}, {256, 'f', 0}};
    const patch q_much[] = {{252, 'h', 1}, {264, 'f', 3}};
    const patch metres[] = {
        {123, 'c', 1}, {254, 'h', 1}, SROW(0.001, 0, 0, 0.01, 0, 0.002, 0, 0, 0, 0, 0.003, 0)};
    static const double in_mm[12] = {1, 0, 0, 10, 0, 2, 0, 0, 0, 0, 3, 0};
    static const double half_turn[12] = {-1.25, 0, 0, 0, 0, -1.5, 0, 0, 0, 0, 1.75, 0};
#define EXPECT(p, want, w) expect_affine(#p, p, sizeof p / sizeof *p, want, w)
    EXPECT(s_only, sform, 0);
    EXPECT(both, sform, 0);
    EXPECT(q_only, qform, 0);
    EXPECT(q_neg, qflip, 0);
    EXPECT(q_zero, qform, 0);
    EXPECT(q_half, qform, 0);
    EXPECT(s_zero, qform, MEDVOL_W_AFFINE);
    EXPECT(s_nan, diag, MEDVOL_W_AFFINE);
    EXPECT(s_line, diag, MEDVOL_W_AFFINE);
    EXPECT(s_plane, qform, MEDVOL_W_AFFINE);
    EXPECT(both_nan, diag, MEDVOL_W_AFFINE);
    EXPECT(q_nan, diag, MEDVOL_W_AFFINE);
    EXPECT(q_off, diag, MEDVOL_W_AFFINE);
    EXPECT(metres, in_mm, 0);
    expect_affine("none", s_only, 0, diag, 0);
    EXPECT(q_much, half_turn, MEDVOL_W_QUATERNION);
    for (i = 0; i < 12; i++) { /* one number that is none spoils all */
        patch one[] = {{254, 'h', 2}, SROW(2, 0, 0, 10, 0, 3, 0, -20, 0, 0, 4, 30), {0, 'f', NANF}};
        one[sizeof one / sizeof *one - 1].at = 280 + 4 * i;
        EXPECT(one, diag, MEDVOL_W_AFFINE);
    }
    { /* a little too long: no word about it; the matrix is a rotation all the same */
        bytes b = geometry_file(1, q_a_little, sizeof q_a_little / sizeof *q_a_little);
        mv_volume v = {0};
        double sp[3];
        CHECK_OK(mv_load_mem(T, &v, b.p, b.n, NULL));
        CHECK(mv_warnings(T) == 0);
        mv_spacing(&v, sp);
        CHECK_NEAR(sp[0], 1.25, 1e-6);
        CHECK_NEAR(sp[1], 1.5, 1e-6);
        mv_volume_free(T, &v);
        free(b.p);
    }
}
static void test_pixdim_mended(void) {
    const patch p[] = {{80, 'f', -1.25}, {84, 'f', 0}, {88, 'f', NANF}};
    bytes b = geometry_file(1, p, 3);
    mv_volume v = {0};
    CHECK_OK(mv_load_mem(T, &v, b.p, b.n, NULL));
    CHECK(v.affine[0] == 1.25 && v.affine[5] == 1 && v.affine[10] == 1 && mv_warnings(T) == MEDVOL_W_PIXDIM);
    mv_volume_free(T, &v);
    free(b.p);
}
/* A save mends the spacings that were mended on loading, and no step in time: the caller may want none. */
static void test_pixdim_saved(void) {
    static const double want[4] = {1.25, 1, 1.5, 0};
    static const patch p[] = {{80, 'f', -1.25}, {84, 'f', NANF}, {88, 'f', 1.5}, {92, 'f', 0}};
    spec s = {0};
    size_t i;
    bytes b;
    mv_volume v = {0};
    mv_buffer out = {0};
    s.ndim = 4;
    for (i = 0; i < 4; i++) s.dim[i] = 2;
    b = make_file(s);
    for (i = 0; i < 4; i++) put(b.p + p[i].at, p[i].type, p[i].value, 0);
    CHECK_OK(mv_load_mem(T, &v, b.p, b.n, NULL));
    CHECK(v.step[0] == 1);
    v.step[0] = 0;
    v.nifti->session_error = 100000; /* of version 1 alone and unused: no reason to write version 2 */
    CHECK_OK(mv_save_mem(T, &out, NULL, &v, NULL));
    CHECK(get((unsigned char *)out.data, 'i', 0) == 348);
    for (i = 0; i < 4; i++) CHECK_NEAR(get((unsigned char *)out.data + 80 + 4 * i, 'f', 0), want[i], 0);
    mv_buffer_free(T, &out);
    mv_volume_free(T, &v);
    free(b.p);
}
/* Geometry that changed is written three times over: sform, qform, pixdim; B4 B6 */
static void test_geometry_saved(void) {
    static const double oblique[12] = {-1.9, 0.1, 0.3, 90, 0.2, 1.4, -0.8, -126, 0.25, 0.5, 2.3, -72};
    size_t dim[4] = {5, 4, 3, 2};
    mv_volume v = {0}, w = {0};
    mv_buffer out = {0};
    unsigned char *p;
    double a[12], bcd[3], off[3], sp[3], want[3];
    int i, version;
    for (version = 1; version <= 2; version++) {
        mv_save_opt o = {0};
        o.version = version;
        CHECK_OK(mv_volume_alloc(T, &v, MEDVOL_F32, 4, dim));
        memset(v.data, 0, 5 * 4 * 3 * 2 * 4);
        { /* without shear: rotate the columns of an orthogonal set */
            double q[3] = {0.2, -0.3, 0.1}, s[3] = {1.5, 2, 2.5}, t[3] = {10, -20, 30};
            mv_affine_from_qform(v.affine, q, t, s, -1);
        }
        v.step[0] = 2.5;
        CHECK_OK(mv_save_mem(T, &out, NULL, &v, &o));
        p = (unsigned char *)out.data;
        for (i = 0; i < 12; i++)
            a[i] = get(p + (version == 2 ? 400 + 8 * i : 280 + 4 * i), version == 2 ? 'd' : 'f', 0);
        for (i = 0; i < 12; i++) CHECK_NEAR(a[i], v.affine[i], version == 2 ? 0 : 1e-5);
        for (i = 0; i < 3; i++) {
            bcd[i] = get(p + (version == 2 ? 352 + 8 * i : 256 + 4 * i), version == 2 ? 'd' : 'f', 0);
            off[i] = get(p + (version == 2 ? 376 + 8 * i : 268 + 4 * i), version == 2 ? 'd' : 'f', 0);
            sp[i] = get(p + (version == 2 ? 112 + 8 * i : 80 + 4 * i), version == 2 ? 'd' : 'f', 0);
        }
        mv_spacing(&v, want);
        for (i = 0; i < 3; i++) CHECK_NEAR(sp[i], want[i], 1e-6);
        mv_affine_from_qform(
            a, bcd, off, sp, get(p + (version == 2 ? 104 : 76), version == 2 ? 'd' : 'f', 0));
        for (i = 0; i < 12; i++) CHECK_NEAR(a[i], v.affine[i], 1e-5);
        CHECK(get(p + (version == 2 ? 344 : 252), version == 2 ? 'i' : 'h', 0) == 1);
        CHECK(get(p + (version == 2 ? 348 : 254), version == 2 ? 'i' : 'h', 0) == 1);
        CHECK(get(p + (version == 2 ? 136 : 92), version == 2 ? 'd' : 'f', 0) == 2.5);
        CHECK(get(p + (version == 2 ? 500 : 123), version == 2 ? 'i' : 'c', 0) == 10);
        mv_buffer_free(T, &out);
        memcpy(v.affine, oblique, sizeof oblique); /* sheared: a quaternion cannot hold it */
        CHECK_OK(mv_save_mem(T, &out, NULL, &v, &o));
        p = (unsigned char *)out.data;
        CHECK(get(p + (version == 2 ? 344 : 252), version == 2 ? 'i' : 'h', 0) == 0);
        CHECK_OK(mv_load_mem(T, &w, out.data, out.bytes, NULL));
        for (i = 0; i < 12; i++) CHECK_NEAR(w.affine[i], oblique[i], version == 2 ? 0 : 2e-5);
        CHECK(w.step[0] == 2.5);
        mv_buffer_free(T, &out);
        v.affine[2] = NAN;
        CHECK_STATUS(mv_save_mem(T, &out, NULL, &v, &o), MEDVOL_E_RANGE);
        CHECK(out.data == NULL);
        mv_volume_free(T, &v);
        mv_volume_free(T, &w);
    }
}
/* Every header field survives load and save, in all four changes of version and byte order. */
static void test_fields(void) {
    static const struct {
        int at1, at2, n;
        char t1, t2;
        double value;
    } f[] = {
        {39, 524, 1, 'c', 'c', 57}, {56, 80, 3, 'f', 'd', 1.5}, {68, 504, 1, 'h', 'i', 1007},
        {74, 224, 1, 'h', 'l', 1}, {120, 232, 1, 'h', 'l', 2}, {122, 496, 1, 'c', 'i', 3},
        {123, 500, 1, 'c', 'i', 10}, {124, 192, 1, 'f', 'd', 90.5}, {128, 200, 1, 'f', 'd', -3.25},
        {132, 208, 1, 'f', 'd', 0.125}, {136, 216, 1, 'f', 'd', 4.5}, {252, 344, 1, 'h', 'i', 3},
        {254, 348, 1, 'h', 'i', 4}, {256, 352, 3, 'f', 'd', 0.25}, {268, 376, 3, 'f', 'd', -8.5},
        {280, 400, 12, 'f', 'd', 0.75},
    };
    int version, big, to, to_big, i, k;
    for (version = 1; version <= 2; version++)
        for (big = 0; big < 2; big++)
            for (to = 1; to <= 2; to++)
                for (to_big = 0; to_big < 2; to_big++) {
                    spec s = {0};
                    bytes b;
                    mv_volume v = {0};
                    mv_save_opt o = {0};
                    mv_buffer out = {0};
                    unsigned char *p;
                    s.version = version, s.big = big;
                    b = make_file(s);
                    for (i = 0; i < (int)(sizeof f / sizeof *f); i++)
                        for (k = 0; k < f[i].n; k++) {
                            char t = version == 2 ? f[i].t2 : f[i].t1;
                            put(b.p + (version == 2 ? f[i].at2 : f[i].at1) + (size_t)k * width_of(t), t,
                                f[i].value + k * k, big);
                        }
                    memcpy(b.p + (version == 2 ? 240 : 148), "a description", 13);
                    memset(b.p + (version == 2 ? 320 : 228), 'x', 24); /* no zero at its end */
                    memcpy(b.p + (version == 2 ? 508 : 328), "intent", 6);
                    CHECK_OK(mv_load_mem(T, &v, b.p, b.n, NULL));
                    CHECK(v.nifti->aux_file[24] == 0 && strlen(v.nifti->aux_file) == 24 &&
                        !strcmp(v.nifti->descrip, "a description"));
                    o.version = to, o.big_endian = to_big;
                    CHECK_OK(mv_save_mem(T, &out, NULL, &v, &o));
                    p = (unsigned char *)out.data;
                    for (i = 0; i < (int)(sizeof f / sizeof *f); i++)
                        for (k = 0; k < f[i].n; k++) {
                            char t = to == 2 ? f[i].t2 : f[i].t1;
                            const unsigned char *field = p + (to == 2 ? f[i].at2 : f[i].at1);
                            CHECK(get(field + (size_t)k * width_of(t), t, to_big) == f[i].value + k * k);
                        }
                    CHECK(memcmp(p + (to == 2 ? 240 : 148), "a description\0", 14) == 0);
                    CHECK(memcmp(p + (to == 2 ? 508 : 328), "intent\0", 7) == 0);
                    if (to == version && to_big == big)
                        CHECK(out.bytes == b.n &&
                            memcmp(p + (to == 2 ? 192 : 120), b.p + (to == 2 ? 192 : 120), 220) == 0);
                    mv_buffer_free(T, &out);
                    mv_volume_free(T, &v);
                    free(b.p);
                }
}

/* ---- extensions ---- */
static size_t chain(unsigned char *p, int big) {
    put(p, 'i', 32, big);
    put(p + 4, 'i', 6, big);
    memcpy(p + 8, "first comment", 14);
    put(p + 32, 'i', 16, big);
    put(p + 36, 'i', 4, big);
    memcpy(p + 40, "AFNI", 5);
    put(p + 48, 'i', 48, big);
    put(p + 52, 'i', 44, big);
    memset(p + 56, 'm', 40);
    return 96;
}
static void test_extensions(void) {
    static const int codes[3] = {6, 4, 44};
    static const size_t sizes[3] = {24, 8, 40};
    int version, big, form, to_big, n, code;
    for (version = 1; version <= 2; version++)
        for (big = 0; big < 2; big++)
            for (form = 0; form < 4; form++) { /* single, single gz, pair, pair gz */
                unsigned char e[96] = {0}, again[96] = {0};
                spec s = {0};
                bytes file, z = {0}, vox;
                mv_volume v = {0}, w = {0};
                mv_load_opt lo = {0};
                mv_save_opt o = {0};
                mv_buffer out = {0}, img = {0};
                size_t at = 0, k;
                const void *data;
                s.version = version, s.big = big, s.pair = form >= 2;
                s.ext_bytes = chain(e, big), s.ext = e;
                file = form >= 2 ? make_header(s) : make_file(s);
                vox = make_voxels(s);
                lo.img = vox.p, lo.img_bytes = vox.n;
                if (form & 1) z = gz(file.p, file.n, 0, 0);
                CHECK_OK(mv_load_mem(T, &v, form & 1 ? z.p : file.p, form & 1 ? z.n : file.n, &lo));
                CHECK(same_voxels(&v, &s) && mv_warnings(T) == 0 && v.nifti->ext_bytes == 96);
                for (n = 0; mv_nifti_ext_next(v.nifti, &at, &code, &data, &k); n++) {
                    CHECK(n < 3 && code == codes[n] && k == sizes[n]);
                    CHECK(n != 0 || !strcmp((const char *)data, "first comment"));
                }
                CHECK(n == 3);
                for (to_big = 0; to_big < 2; to_big++) {
                    o.version = version, o.big_endian = to_big, o.pair = s.pair;
                    chain(again, to_big);
                    CHECK_OK(mv_save_mem(T, &out, &img, &v, &o));
                    CHECK(memcmp((unsigned char *)out.data + (version == 2 ? 544 : 352), again, 96) == 0);
                    CHECK(get((unsigned char *)out.data + (version == 2 ? 168 : 108),
                              version == 2 ? 'l' : 'f', to_big) == (s.pair ? 0 : version == 2 ? 640 : 448));
                    mv_buffer_free(T, &out);
                    mv_buffer_free(T, &img);
                }
                CHECK_OK(mv_nifti_ext_add(T, &v, 6, "and one more", 13));
                o.gzip = 1;
                CHECK_OK(mv_save_mem(T, &out, &img, &v, &o));
                lo.img = img.data, lo.img_bytes = img.bytes;
                CHECK_OK(mv_load_mem(T, &w, out.data, out.bytes, &lo));
                for (at = 0, n = 0; mv_nifti_ext_next(w.nifti, &at, &code, &data, &k); n++) {}
                CHECK(n == 4 && code == 6 && k == 24 && !strcmp((const char *)data, "and one more"));
                mv_buffer_free(T, &out);
                mv_buffer_free(T, &img);
                mv_volume_free(T, &v);
                mv_volume_free(T, &w);
                free(z.p);
                free(file.p);
                free(vox.p);
            }
}
static void test_extensions_malformed(void) { /* voxels load, a warning, the bytes go back as they came */
    static const double sizes[] = {0, 4, 7, 8, -16, 2147483647, 2147483632, 20, 4096, 17, -2147483648.0};
    size_t i;
    for (i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        unsigned char e[96] = {0};
        spec s = {0};
        bytes b;
        mv_volume v = {0};
        mv_buffer out = {0};
        mv_save_opt so = {0};
        size_t at = 0;
        int n;
        s.big = T_BIG_ENDIAN;
        s.ext_bytes = chain(e, s.big), s.ext = e;
        put(e + 32, 'i', sizes[i], s.big); /* the second */
        b = make_file(s);
        CHECK_OK(mv_load_mem(T, &v, b.p, b.n, NULL));
        CHECK(same_voxels(&v, &s) && mv_warnings(T) == MEDVOL_W_EXTENSION && v.nifti->ext_bytes == 96);
        for (n = 0; mv_nifti_ext_next(v.nifti, &at, NULL, NULL, NULL); n++) {}
        CHECK(n == 1);
        CHECK_STATUS(mv_nifti_ext_add(T, &v, 6, "x", 2), MEDVOL_E_FORMAT);
        so.big_endian = s.big;
        CHECK_OK(mv_save_mem(T, &out, NULL, &v, &so));
        CHECK(out.bytes == b.n && memcmp((unsigned char *)out.data + 352, b.p + 352, b.n - 352) == 0);
        mv_buffer_free(T, &out);
        mv_volume_free(T, &v);
        T->desc.strict = 1;
        CHECK_STATUS(mv_load_mem(T, &v, b.p, b.n, NULL), MEDVOL_E_FORMAT);
        T->desc.strict = 0;
        T->desc.limits.max_ext_bytes = 64;
        CHECK_STATUS(mv_load_mem(T, &v, b.p, b.n, NULL), MEDVOL_E_LIMIT);
        T->desc.limits.max_ext_bytes = 0;
        free(b.p);
    }
    { /* bytes that are no chain and end anywhere: zeros behind them, up to voxels on 16 bytes */
        unsigned char e[23];
        spec s = {0};
        bytes b;
        mv_volume v = {0};
        mv_buffer out = {0};
        const unsigned char *p;
        memset(e, 0xaa, sizeof e);
        s.ext = e, s.ext_bytes = sizeof e;
        b = make_file(s);
        CHECK_OK(mv_load_mem(T, &v, b.p, b.n, NULL));
        CHECK(v.nifti->ext_bytes == sizeof e && mv_warnings(T) == MEDVOL_W_EXTENSION);
        CHECK_OK(mv_save_mem(T, &out, NULL, &v, NULL));
        p = (const unsigned char *)out.data;
        CHECK(out.bytes == b.n + 9 && !memcmp(p + 352, e, sizeof e) && get(p + 108, 'f', 0) == 384);
        CHECK(!memcmp(p + 375, "\0\0\0\0\0\0\0\0", 9) && !memcmp(p + 384, b.p + 375, b.n - 375));
        mv_buffer_free(T, &out);
        mv_volume_free(T, &v);
        free(b.p);
    }
    { /* zeros behind the chain are padding; a volume from nowhere gets a header */
        unsigned char e[192] = {0};
        spec s = {0};
        bytes b;
        mv_volume v = {0};
        size_t dim = 3;
        chain(e, 0);
        s.ext = e, s.ext_bytes = sizeof e;
        b = make_file(s);
        CHECK_OK(mv_load_mem(T, &v, b.p, b.n, NULL));
        CHECK(v.nifti->ext_bytes == 96 && mv_warnings(T) == 0);
        CHECK_OK(mv_nifti_ext_add(T, &v, 6, NULL, 0));
        CHECK(v.nifti->ext_bytes == 112);
        mv_volume_free(T, &v);
        CHECK_OK(mv_volume_alloc(T, &v, MEDVOL_U8, 1, &dim));
        CHECK_OK(mv_nifti_ext_add(T, &v, 6, "x", 1));
        CHECK(v.nifti && v.nifti->ext_bytes == 16);
        CHECK_STATUS(mv_nifti_ext_add(T, &v, 6, "x", (size_t)1 << 31), MEDVOL_E_SIZE);
        CHECK_STATUS(mv_nifti_ext_add(T, &v, 6, NULL, 1), MEDVOL_E_NULL);
        CHECK_STATUS(mv_nifti_ext_add(T, NULL, 6, NULL, 0), MEDVOL_E_NULL);
        CHECK(mv_nifti_ext_next(NULL, NULL, NULL, NULL, NULL) == 0);
        mv_volume_free(T, &v);
        free(b.p);
    }
}

static void test_header_into(void) { /* a header takes the place of what the volume owned */
    spec s = {0};
    bytes b = make_file(s);
    mv_volume v = {0};
    size_t before = t_live(), empty;
    CHECK_OK(mv_load_header_mem(T, &v, b.p, b.n, NULL));
    empty = t_live();
    CHECK_OK(mv_load_mem(T, &v, b.p, b.n, NULL));
    CHECK_OK(mv_load_header_mem(T, &v, b.p, b.n, NULL));
    CHECK(!v.data && v.nifti && t_live() == empty);
    mv_volume_free(T, &v);
    CHECK(t_live() == before);
    free(b.p);
}

/* ---- gzip around a volume ---- */
static void expect_gz(const char *name, bytes z, mv_status want, unsigned warnings) {
    spec s = {0};
    mv_volume v = {0};
    mv_status st = mv_load_mem(T, &v, z.p, z.n, NULL);
    if (!CHECK_STATUS(st, want)) fprintf(stderr, "  gzip row \"%s\": \"%s\"\n", name, mv_message(T));
    if (st == MEDVOL_OK && !CHECK(same_voxels(&v, &s) && mv_warnings(T) == warnings))
        fprintf(stderr, "  gzip row \"%s\"\n", name);
    if (st < 0) CHECK(v.data == NULL && mv_message(T)[0]);
    mv_volume_free(T, &v);
    free(z.p);
}
/* kind 0 one member, 1 Mgzip, 2 BGZF, 3 many plain members, of 64 bytes */
static void gzip_trailers(bytes f, int kind) {
    bytes z = gz(f.p, f.n, kind, 64);
    z.p[z.n - (kind == 2 ? 28 : 0) - 8] ^= 1; /* BGZF ends in an empty member of 28 bytes */
    expect_gz("CRC wrong", z, MEDVOL_E_CORRUPT, 0);
    z = gz(f.p, f.n, kind, 64);
    z.p[z.n - (kind == 2 ? 28 : 0) - 4] ^= 1;
    expect_gz("ISIZE wrong", z, MEDVOL_E_CORRUPT, 0);
    z = gz(f.p, f.n, kind, 64);
    z.p[z.n - 4] ^= 1;
    expect_gz("last ISIZE wrong", z, MEDVOL_E_CORRUPT, 0);
    z = gz(f.p, f.n, kind, 64);
    z.n -= 3;
    expect_gz("trailer cut", z, MEDVOL_E_TRUNCATED, 0);
    z = gz(f.p, f.n, kind, 64);
    z.n = z.n * 2 / 3;
    expect_gz("a third cut", z, MEDVOL_E_TRUNCATED, 0);
}
static void gzip_behind(bytes f, int kind) { /* what may follow the image, and what may not */
    static const unsigned char zeros[60000] = {0};
    bytes z;
    size_t i;
    expect_gz("zero padding", bytes_join(gz(f.p, f.n, kind, 64), zeros, 512), MEDVOL_OK, 0);
    z = bytes_join(gz(f.p, f.n, kind, 64), "garbage", 7);
    expect_gz("B26 garbage behind", z, MEDVOL_OK, MEDVOL_W_TRAILING);
    z = gz(f.p, f.n, kind, 64);
    for (i = 0; i < 100; i++) z = gz_member(z, f.p, 0, 0);
    expect_gz("empty members behind", z, MEDVOL_OK, 0);
    z = gz_member(gz(f.p, f.n, kind, 64), zeros, sizeof zeros, kind == 3 ? 0 : kind);
    expect_gz("surplus behind", z, MEDVOL_OK, 0);
    z = gz_member(gz(f.p, f.n, kind, 64), f.p, 300, 0);
    z.p[z.n - 8] ^= 1;
    expect_gz("bad later member", z, MEDVOL_E_CORRUPT, 0);
}
static void test_gzip_members(void) {
    spec s = {0};
    bytes f = make_file(s), z;
    int kind;
    for (kind = 0; kind < 4; kind++) {
        expect_gz("members", gz(f.p, f.n, kind, 64), MEDVOL_OK, 0);
        expect_gz("odd members", gz(f.p, f.n, kind, 7), MEDVOL_OK, 0);
        gzip_trailers(f, kind);
        gzip_behind(f, kind);
        z = gz(f.p, f.n, kind, 64);
        z.p[3] |= 0x80;
        expect_gz("reserved flag", z, MEDVOL_E_UNSUPPORTED, 0);
        z = gz(f.p, f.n, kind, 64);
        z.p[2] = 7;
        expect_gz("method 7", z, MEDVOL_E_FORMAT, 0); /* then it is no gzip, and no NIfTI */
    }
    z = gz(f.p, f.n, 1, 64); /* a size field that lies: read as one stream instead */
    put(z.p + 16, 'i', 25, 0);
    expect_gz("Mgzip size too small", z, MEDVOL_OK, 0);
    z = gz(f.p, f.n, 1, 64);
    put(z.p + 16, 'i', (double)z.n, 0);
    expect_gz("Mgzip size too large", z, MEDVOL_OK, 0);
    free(f.p);
}
/* f as one member whose head has these flags and these bytes behind it */
static bytes with_head(bytes f, int flags, const void *extra, size_t n) {
    bytes z = gz(f.p, f.n, 0, 0), m = bytes_join(bytes_new(0), z.p, 10);
    m.p[3] = (unsigned char)flags;
    m = bytes_join(m, extra, n);
    m = bytes_join(m, z.p + 10, z.n - 10);
    free(z.p);
    return m;
}
static void test_gzip_heads(void) { /* FEXTRA, FNAME, FCOMMENT of 64 KiB, FHCRC; whole, wrong and cut */
    spec s = {0};
    bytes f = make_file(s), m, plain = gz(f.p, f.n, 0, 0);
    unsigned char *text = (unsigned char *)calloc(1, 130002), h[2];
    uint32_t crc;
    size_t n;
    memset(text, 'n', 130002);
    text[65000] = text[130001] = 0;
    expect_gz("long name and comment", with_head(f, 8 | 16, text, 130002), MEDVOL_OK, 0);
    text[0] = text[1] = 0xff;
    text[65000] = 'n';
    expect_gz("long extra field", with_head(f, 4, text, 65537), MEDVOL_OK, 0);
    for (n = 1; n < 5; n++) { /* cut within the extra field, its length, the name, the comment */
        m = with_head(f, n < 3 ? 4 : n == 3 ? 8 : 16, text, 65537);
        m.n = n == 1 ? 11 : 10 + 15000 * n;
        expect_gz("head cut", m, MEDVOL_E_TRUNCATED, 0);
    }
    plain.p[3] = 2;
    crc = t_crc32(0, plain.p, 10);
    h[0] = (unsigned char)crc, h[1] = (unsigned char)(crc >> 8);
    expect_gz("header CRC", with_head(f, 2, h, 2), MEDVOL_OK, 0);
    h[1] ^= 1;
    expect_gz("header CRC wrong", with_head(f, 2, h, 2), MEDVOL_E_CORRUPT, 0);
    free(plain.p);
    free(text);
    free(f.p);
}
static void test_gzip_limits(void) {
    static const unsigned char zeros[5000] = {0};
    spec s = {0};
    bytes f = make_file(s), z = gz_member(gz(f.p, f.n, 0, 0), zeros, sizeof zeros, 0);
    mv_volume v = {0};
    mv_load_opt o = {0};
    o.max_surplus = 4999;
    CHECK_STATUS(mv_load_mem(T, &v, z.p, z.n, &o), MEDVOL_E_LIMIT);
    o.max_surplus = 5000;
    CHECK_OK(mv_load_mem(T, &v, z.p, z.n, &o));
    mv_volume_free(T, &v);
    T->desc.limits.max_members = 1;
    CHECK_STATUS(mv_load_mem(T, &v, z.p, z.n, &o), MEDVOL_E_LIMIT);
    T->desc.limits.max_members = 0;
    T->desc.limits.max_bytes = 47;
    CHECK_STATUS(mv_load_mem(T, &v, f.p, f.n, NULL), MEDVOL_E_LIMIT);
    T->desc.limits.max_bytes = 48;
    CHECK_OK(mv_load_mem(T, &v, f.p, f.n, NULL));
    mv_volume_free(T, &v);
    T->desc.limits.max_bytes = 0;
    free(z.p);
    free(f.p);
}

/* ---- crops ---- */
static const struct {
    int crop;
    int64_t start[7], size[7], volume, volumes;
} boxes[] = {
    {1, {0}, {70}, 0, 0}, {3, {5, 2, 1}, {20, 6, 3}, 0, 0}, {4, {0, 0, 0, 1}, {70, 9, 5, 1}, 0, 0},
    {2, {69, 8}, {1, 1}, 0, 0}, {3, {0, 3, 0}, {70, 2, 5}, 0, 0}, {0, {0}, {0}, 1, 2},
    {3, {1, 1, 1}, {3, 3, 3}, 2, 1}, {3, {0, 0, 4}, {70, 9, 1}, 0, 0}, {4, {3, 0, 2, 0}, {64, 9, 2, 3}, 0, 0},
};
static int crop_matches(const mv_volume *v, const mv_volume *full, size_t k) { /* voxel by voxel */
    int64_t st[4] = {0, 0, 0, 0}, sz[4];
    size_t i, j, l, m, e = mv_dtype_size(full->dtype), n = 0;
    int d;
    for (d = 0; d < 4; d++) {
        sz[d] = (int64_t)full->dim[d];
        if (d < boxes[k].crop) st[d] = boxes[k].start[d], sz[d] = boxes[k].size[d];
    }
    if (boxes[k].volumes) st[3] = boxes[k].volume, sz[3] = boxes[k].volumes;
    for (d = 0; d < 4; d++)
        if (v->dim[d] != (size_t)sz[d]) return 0;
    for (m = 0; m < v->dim[3]; m++)
        for (l = 0; l < v->dim[2]; l++)
            for (j = 0; j < v->dim[1]; j++)
                for (i = 0; i < v->dim[0]; i++, n++) {
                    size_t o = (i + (size_t)st[0]) +
                        full->dim[0] *
                            ((j + (size_t)st[1]) +
                                full->dim[1] * ((l + (size_t)st[2]) + full->dim[2] * (m + (size_t)st[3])));
                    if (memcmp((char *)v->data + n * e, (char *)full->data + o * e, e)) return 0;
                }
    for (d = 0; d < 3; d++) { /* the origin moved along */
        const double *a = full->affine + 4 * d;
        double w = a[3] + a[0] * (double)st[0] + a[1] * (double)st[1] + a[2] * (double)st[2];
        if (fabs(v->affine[4 * d + 3] - w) > 1e-12) return 0;
    }
    return 1;
}
static void crop_options(mv_load_opt *o, size_t k) {
    memset(o, 0, sizeof *o);
    o->crop = boxes[k].crop;
    memcpy(o->start, boxes[k].start, sizeof o->start);
    memcpy(o->size, boxes[k].size, sizeof o->size);
    o->volume = boxes[k].volume;
    o->volumes = boxes[k].volumes;
}
/* every container, from memory and from a file, as stored and as float; B13 B24 */
static void test_crops(void) {
    static const int dtypes[] = {MEDVOL_I16, MEDVOL_F32, MEDVOL_RGB24, MEDVOL_U8};
    int t, kind, big;
    size_t k;
    for (t = 0; t < 4; t++)
        for (big = 0; big < 2; big++) {
            spec s = {0};
            bytes f;
            mv_volume full = {0}, real = {0};
            const char *path = t_path("crop.bin");
            s.dtype = dtypes[t], s.big = big, s.version = 1 + big;
            s.ndim = 4, s.dim[0] = 70, s.dim[1] = 9, s.dim[2] = 5, s.dim[3] = 3;
            s.slope = 2, s.inter = -50;
            f = make_file(s);
            CHECK_OK(mv_load_mem(T, &full, f.p, f.n, NULL));
            if (dtypes[t] != MEDVOL_RGB24) CHECK_OK(mv_convert(T, &real, &full, MEDVOL_F32, NULL));
            for (kind = -1; kind < 5; kind++) {
                bytes z = kind < 0 ? bytes_join(bytes_new(0), f.p, f.n)
                                   : gz(f.p, f.n, kind == 4 ? 1 : kind, kind == 4 ? 777 : 4096);
                file_put(path, z.p, z.n);
                for (k = 0; k < sizeof boxes / sizeof *boxes; k++) {
                    mv_volume v = {0}, w = {0};
                    mv_load_opt o;
                    int early; /* the box ends before the member does */
                    crop_options(&o, k);
                    CHECK_OK(mv_load_mem(T, &v, z.p, z.n, &o));
                    CHECK(crop_matches(&v, &full, k));
                    early = kind == 0 || kind == 3 ||
                            (kind == 4 && (dtypes[t] == MEDVOL_I16 || dtypes[t] == MEDVOL_F32) &&
                                big != T_BIG_ENDIAN);
                    CHECK(mv_warnings(T) == (early && k != 0 ? (unsigned)MEDVOL_W_UNVERIFIED : 0u));
                    o.verify = 1;
                    CHECK_OK(mv_load(T, &w, path, &o));
                    CHECK(crop_matches(&w, &full, k) && mv_warnings(T) == 0);
                    mv_volume_free(T, &w);
                    if (real.data) {
                        o.verify = 0;
                        o.dtype = MEDVOL_F32;
                        CHECK_OK(mv_load(T, &w, path, &o));
                        CHECK(crop_matches(&w, &real, k) && w.slope == 1 && w.inter == 0);
                        mv_volume_free(T, &w);
                    }
                    mv_volume_free(T, &v);
                }
                free(z.p);
            }
            mv_volume_free(T, &full);
            mv_volume_free(T, &real);
            free(f.p);
        }
}
static void test_crop_arguments(void) { /* B20 */
    static const struct {
        int crop;
        int64_t start, size, volume, volumes;
    } bad[] = {{1, -1, 2, 0, 0}, {1, 0, 0, 0, 0}, {1, 4, 1, 0, 0}, {1, 3, 2, 0, 0}, {1, 1, INT64_MAX, 0, 0},
        {1, INT64_MAX, 1, 0, 0}, {1, 0, -1, 0, 0}, {8, 0, 1, 0, 0}, {-1, 0, 1, 0, 0}, {5, 0, 1, 0, 0},
        {0, 0, 0, 0, -1}, {0, 0, 0, 2, 1}, {0, 0, 0, 1, 2}, {0, 0, 0, -1, 1}, {4, 0, 1, 0, 1}};
    spec s = {0};
    bytes f;
    size_t i;
    mv_volume v = {0};
    s.ndim = 4, s.dim[0] = 4, s.dim[1] = s.dim[2] = 1, s.dim[3] = 2;
    f = make_file(s);
    for (i = 0; i < sizeof bad / sizeof *bad; i++) {
        mv_load_opt o = {0};
        int d;
        o.crop = bad[i].crop, o.start[0] = bad[i].start, o.size[0] = bad[i].size, o.volume = bad[i].volume,
        o.volumes = bad[i].volumes;
        for (d = 1; d < 7; d++) o.size[d] = 1;
        if (!CHECK_STATUS(mv_load_mem(T, &v, f.p, f.n, &o), MEDVOL_E_RANGE))
            fprintf(stderr, "  bad box %d\n", (int)i);
        CHECK(v.data == NULL);
    }
    CHECK_STATUS(mv_load_mem(T, NULL, f.p, f.n, NULL), MEDVOL_E_NULL);
    CHECK_STATUS(mv_load_mem(T, &v, NULL, 5, NULL), MEDVOL_E_NULL);
    CHECK_STATUS(mv_load(T, &v, NULL, NULL), MEDVOL_E_NULL);
    CHECK_STATUS(mv_load(T, NULL, "x", NULL), MEDVOL_E_NULL);
    CHECK_STATUS(mv_map(T, NULL, "x", NULL), MEDVOL_E_NULL);
    CHECK_STATUS(mv_load_header(T, NULL, "x", NULL), MEDVOL_E_NULL);
    CHECK_STATUS(mv_load_header_mem(T, &v, NULL, 0, NULL), MEDVOL_E_NULL);
    CHECK_STATUS(mv_save(T, NULL, "x", NULL), MEDVOL_E_NULL);
    CHECK_STATUS(mv_save(T, &v, NULL, NULL), MEDVOL_E_NULL);
    CHECK_STATUS(mv_save(T, &v, "x", NULL), MEDVOL_E_NULL);
    CHECK(mv_load(T_NONE, &v, "build/tmp/none", NULL) == MEDVOL_E_NOTFOUND);
    CHECK(mv_load_mem(T_NONE, &v, f.p, f.n, NULL) == MEDVOL_OK && same_voxels(&v, &s));
    mv_volume_free(T_NONE, &v);
    free(f.p);
}

/* ---- types, scaling, destinations ---- */
static double stored(const unsigned char *p, mv_dtype t) {
    int one = 1, big = *(const char *)&one == 0;
    switch (t) {
        case MEDVOL_U8: return p[0];
        case MEDVOL_I8: return (signed char)p[0];
        case MEDVOL_U16: { uint16_t x; memcpy(&x, p, 2); return x; }
        case MEDVOL_I16: return get(p, 'h', big);
        case MEDVOL_U32: { uint32_t x; memcpy(&x, p, 4); return x; }
        case MEDVOL_I32: return get(p, 'i', big);
        case MEDVOL_F32: return get(p, 'f', big);
        default: return get(p, 'd', big);
    }
}
static void test_load_as(void) { /* fused conversion against plain arithmetic; B10 B11 */
    static const mv_dtype from[] = {
        MEDVOL_U8, MEDVOL_I8, MEDVOL_U16, MEDVOL_I16, MEDVOL_U32, MEDVOL_I32, MEDVOL_F32, MEDVOL_F64};
    size_t i, k;
    int big, scaled, packed;
    for (k = 0; k < 8; k++)
        for (big = 0; big < 2; big++)
            for (scaled = 0; scaled < 2; scaled++)
                for (packed = 0; packed < 2; packed++) {
                    spec s = {0};
                    bytes f, z;
                    mv_volume v = {0};
                    mv_load_opt o = {0};
                    s.dtype = from[k], s.big = big, s.ndim = 2, s.dim[0] = 401, s.dim[1] = 3;
                    if (scaled) s.slope = -0.25, s.inter = 3;
                    f = make_file(s);
                    z = packed ? gz(f.p, f.n, 1, 3000) : bytes_join(bytes_new(0), f.p, f.n);
                    o.dtype = MEDVOL_F32;
                    CHECK_OK(mv_load_mem(T, &v, z.p, z.n, &o));
                    CHECK(v.dtype == MEDVOL_F32 && (scaled || from[k] == MEDVOL_F32 || v.slope == 1.0));
                    for (i = 0; i < 1203 && v.data; i++) {
                        unsigned char e[32];
                        double want;
                        voxel(from[k], i, e);
                        want = stored(e, from[k]);
                        if (scaled) want = want * -0.25 + 3;
                        if (!CHECK(((float *)v.data)[i] == (float)want)) break;
                    }
                    mv_volume_free(T, &v);
                    o.dtype = MEDVOL_U8; /* rounded to even, saturated */
                    CHECK_OK(mv_load_mem(T, &v, z.p, z.n, &o));
                    for (i = 0; i < 1203 && v.data; i++) {
                        unsigned char e[32];
                        double want;
                        voxel(from[k], i, e);
                        want = stored(e, from[k]);
                        if (scaled) want = want * -0.25 + 3;
                        want = want < 0 ? 0 : want > 255 ? 255 : rint(want);
                        if (!CHECK(((unsigned char *)v.data)[i] == want)) break;
                    }
                    mv_volume_free(T, &v);
                    free(f.p);
                    free(z.p);
                }
}
static void test_load_into(void) { /* the caller's memory: reused, strided, of another type */
    spec s = {0};
    bytes f = make_file(s);
    mv_volume v = {0}, big = {0}, view, full = {0};
    size_t dim[3] = {4, 3, 2}, wide[3] = {9, 5, 4}, start[3] = {2, 1, 1}, i;
    void *at;
    CHECK_OK(mv_load_mem(T, &full, f.p, f.n, NULL));
    CHECK_OK(mv_volume_alloc(T, &v, MEDVOL_I16, 3, dim));
    at = v.data;
    CHECK_OK(mv_load_mem(T, &v, f.p, f.n, NULL));
    CHECK(v.data == at && same_voxels(&v, &s) && v.affine[0] == 1.25);
    CHECK_OK(mv_load_mem(T, &v, f.p, f.n, NULL)); /* again: no leak of the header */
    mv_volume_free(T, &v);
    CHECK_OK(mv_volume_alloc(T, &big, MEDVOL_F32, 3, wide));
    for (i = 0; i < 180; i++) ((float *)big.data)[i] = -7;
    CHECK_OK(mv_volume_view(T, &view, &big, start, dim));
    CHECK_OK(mv_load_mem(T, &view, f.p, f.n, NULL)); /* takes the view's type */
    for (i = 0; i < 180; i++) {
        size_t x = i % 9, y = i / 9 % 5, z = i / 45;
        int in = x >= 2 && x < 6 && y >= 1 && y < 4 && z >= 1 && z < 3;
        float want = in ? (float)((int16_t *)full.data)[(x - 2) + 4 * (y - 1) + 12 * (z - 1)] : -7.0f;
        CHECK(((float *)big.data)[i] == want);
    }
    mv_volume_free(T, &view);
    CHECK_STATUS(mv_load_mem(T, &big, f.p, f.n, NULL), MEDVOL_E_SHAPE);
    CHECK(big.dtype == MEDVOL_F32 && big.dim[0] == 9 && ((float *)big.data)[0] == -7);
    mv_volume_free(T, &big);
    mv_volume_free(T, &full);
    free(f.p);
}
static void test_partial(void) {
    int kind, packed;
    for (kind = 0; kind < 3; kind++)
        for (packed = 0; packed < 2; packed++) {
            spec s = {0};
            bytes f, z;
            mv_volume v = {0}, full = {0};
            mv_load_opt o = {0};
            size_t have = 31, i; /* 15 voxels and a byte */
            s.big = kind == 1;
            s.slope = kind == 2 ? 0.5 : 0;
            f = make_file(s);
            CHECK_OK(mv_load_mem(T, &full, f.p, f.n, NULL));
            z = packed ? gz(f.p, 352 + have, 0, 0) : bytes_join(bytes_new(0), f.p, 352 + have);
            CHECK_STATUS(mv_load_mem(T, &v, z.p, z.n, NULL), MEDVOL_E_TRUNCATED);
            o.partial = 1;
            o.fill = -3;
            CHECK_OK(mv_load_mem(T, &v, z.p, z.n, &o));
            CHECK(mv_warnings(T) & MEDVOL_W_PARTIAL);
            for (i = 0; i < 24 && v.data; i++)
                CHECK(((int16_t *)v.data)[i] == (i < 15 ? ((int16_t *)full.data)[i] : kind == 2 ? -6 : -3));
            mv_volume_free(T, &v);
            if (packed) { /* the stream itself cut */
                CHECK_OK(mv_load_mem(T, &v, z.p, z.n - 12, &o));
                for (i = 0; i < 24 && v.data; i++) {
                    int want = i < 13 ? ((int16_t *)full.data)[i] : kind == 2 ? -6 : -3;
                    CHECK(((int16_t *)v.data)[i] == want);
                }
                mv_volume_free(T, &v);
                CHECK_OK(mv_load_mem(T_NONE, &v, z.p, z.n - 12, &o)); /* and nobody to tell */
                mv_volume_free(T_NONE, &v);
            }
            o.dtype = MEDVOL_F32;
            CHECK_OK(mv_load_mem(T, &v, z.p, z.n, &o));
            CHECK(((float *)v.data)[23] == -3 &&
                ((float *)v.data)[14] == ((int16_t *)full.data)[14] * (kind == 2 ? 0.5f : 1));
            mv_volume_free(T, &v);
            o.dtype = MEDVOL_NONE;
            CHECK_OK(mv_load_mem(T, &v, f.p, f.n, &o)); /* nothing is missing: no word about it */
            CHECK(mv_warnings(T) == 0 && same_voxels(&v, &s));
            mv_volume_free(T, &v);
            T->desc.strict = 1;
            CHECK_STATUS(mv_load_mem(T, &v, z.p, z.n, &o), MEDVOL_E_TRUNCATED);
            T->desc.strict = 0;
            mv_volume_free(T, &full);
            free(f.p);
            free(z.p);
        }
}
/* All voxels that are wanted are there, what follows them is cut: the checksum, or more of a box's file. */
static void test_partial_trailer(void) {
    spec s = {0};
    bytes f = make_file(s), z = gz(f.p, f.n, 0, 0);
    size_t cut;
    for (cut = 1; cut <= 8; cut++) {
        mv_volume v = {0};
        mv_load_opt o = {0};
        CHECK_STATUS(mv_load_mem(T, &v, z.p, z.n - cut, NULL), MEDVOL_E_TRUNCATED);
        o.partial = 1;
        CHECK_OK(mv_load_mem(T, &v, z.p, z.n - cut, &o));
        CHECK(mv_warnings(T) == MEDVOL_W_UNVERIFIED && same_voxels(&v, &s));
        mv_volume_free(T, &v);
        o.crop = 1, o.size[0] = 1, o.verify = 1;
        CHECK_OK(mv_load_mem(T, &v, z.p, z.n - cut, &o));
        CHECK((mv_warnings(T) & MEDVOL_W_UNVERIFIED) && v.dim[0] == 1);
        mv_volume_free(T, &v);
        T->desc.strict = 1;
        CHECK_STATUS(mv_load_mem(T, &v, z.p, z.n - cut, &o), MEDVOL_E_TRUNCATED);
        T->desc.strict = 0;
    }
    free(f.p);
    free(z.p);
}
/* Near a half turn the fourth part of a quaternion is the root of what three floats leave of 1. */
static void test_half_turns(void) {
    size_t dim[3] = {2, 2, 2};
    double worst = 0, half = acos(-1.0) / 2 - 1e-3;
    int i, d, e;
    mv_volume v = {0};
    mv_save_opt o = {0};
    o.version = 1;
    CHECK_OK(mv_volume_alloc(T, &v, MEDVOL_U8, 3, dim));
    memset(v.data, 1, 8);
    for (i = 0; i < 40; i++) {
        double axis[3], n, q[4];
        mv_buffer b = {0};
        for (d = 0; d < 3; d++) axis[d] = t_uniform(0.2, 1);
        n = sqrt(axis[0] * axis[0] + axis[1] * axis[1] + axis[2] * axis[2]);
        q[0] = cos(half);
        for (d = 0; d < 3; d++) q[d + 1] = sin(half) * axis[d] / n;
        for (d = 0; d < 3; d++)
            for (e = 0; e < 3; e++) {
                double turned = d == e ? 0 : (e - d + 3) % 3 == 1 ? -q[4 - d - e] : q[4 - d - e];
                v.affine[4 * d + e] = 2 * (q[d + 1] * q[e + 1] + q[0] * turned);
                if (d == e) v.affine[4 * d + e] += 2 * q[0] * q[0] - 1;
            }
        CHECK_OK(mv_save_mem(T, &b, NULL, &v, &o));
        for (d = 0, n = 1; d < 3; d++) {
            double part = get((unsigned char *)b.data + 256 + 4 * d, 'f', 0);
            n -= part * part;
        }
        worst = fmax(worst, fabs((n > 0 ? sqrt(n) : 0) - q[0]));
        mv_buffer_free(T, &b);
    }
    CHECK_NEAR(worst, 0, 4e-5);
    mv_volume_free(T, &v);
}
static void test_wide(void) { /* 128-bit numbers: raw always, converted only under a named encoding */
    /* -3 */
    static const unsigned char x87[16] = {0, 0, 0, 0, 0, 0, 0, 0xc0, 0, 0xc0};
    /* 1/3 */
    static const unsigned char x87_third[16] = {0xab, 0xaa, 0xaa, 0xaa, 0xaa, 0xaa, 0xaa, 0xaa, 0xfd, 0x3f};
    /* -3 */
    static const unsigned char quad[16] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x80, 0, 0xc0};
    static const unsigned char quad_third[16] = {
        0x55, 0x55, 0x55, 0x55, 0x55, 0x55, 0x55, 0x55, 0x55, 0x55, 0x55, 0x55, 0x55, 0x55, 0xfd, 0x3f};
    static const unsigned char quad_inf[16] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0x7f};
    unsigned char pair_third[16];
    double hi = 1.0 / 3, lo = 1e-20, out;
    const struct {
        const unsigned char *p;
        int wide;
        double want;
    } cases[] = {{x87, MEDVOL_WIDE_X87, -3}, {x87_third, MEDVOL_WIDE_X87, 1.0 / 3},
        {quad, MEDVOL_WIDE_BINARY128, -3}, {quad_third, MEDVOL_WIDE_BINARY128, 1.0 / 3},
        {quad_inf, MEDVOL_WIDE_BINARY128, INFINITY}, {pair_third, MEDVOL_WIDE_DOUBLE_DOUBLE, 1.0 / 3}};
    size_t i, k;
    int big;
    put(pair_third, 'd', hi, 0);
    put(pair_third + 8, 'd', lo, 0);
    for (i = 0; i < sizeof cases / sizeof *cases; i++)
        for (big = 0; big < 2; big++) {
            spec s = {0};
            bytes f;
            mv_volume v = {0};
            mv_load_opt o = {0};
            s.dtype = MEDVOL_F128, s.big = big, s.ndim = 1, s.dim[0] = 3;
            f = make_file(s);
            for (k = 0; k < 16; k++) { /* a pair of doubles turns round each by itself */
                size_t turned = cases[i].wide == MEDVOL_WIDE_DOUBLE_DOUBLE ? (k & 8) + 7 - (k & 7) : 15 - k;
                f.p[352 + 16 + k] = cases[i].p[big ? turned : k];
            }
            o.dtype = MEDVOL_F64;
            CHECK_STATUS(mv_load_mem(T, &v, f.p, f.n, &o), MEDVOL_E_DTYPE);
            CHECK(message_has("wide"));
            o.wide = cases[i].wide;
            CHECK_OK(mv_load_mem(T, &v, f.p, f.n, &o));
            out = v.data ? ((double *)v.data)[1] : 0;
            CHECK(out == cases[i].want);
            mv_volume_free(T, &v);
            o.wide = 4;
            CHECK_STATUS(mv_load_mem(T, &v, f.p, f.n, &o), MEDVOL_E_RANGE);
            free(f.p);
        }
}
static void test_complex_scaling(void) {
    spec s = {0};
    bytes f;
    mv_volume v = {0};
    mv_load_opt o = {0};
    float in[4] = {1, -2, 3.5f, 4};
    s.dtype = MEDVOL_C64, s.ndim = 1, s.dim[0] = 2, s.slope = 2, s.inter = 1, s.big = T_BIG_ENDIAN;
    f = make_file(s);
    memcpy(f.p + 352, in, sizeof in);
    o.dtype = MEDVOL_C128;
    CHECK_OK(mv_load_mem(T, &v, f.p, f.n, &o));
    CHECK(v.dtype == MEDVOL_C128 && ((double *)v.data)[0] == 3 && ((double *)v.data)[1] == -3 &&
        ((double *)v.data)[3] == 9);
    mv_volume_free(T, &v);
    CHECK_OK(mv_load_mem(T, &v, f.p, f.n, NULL)); /* as stored, with the scaling kept */
    CHECK(v.slope == 2 && v.inter == 1 && ((float *)v.data)[2] == 3.5f);
    mv_volume_free(T, &v);
    o.dtype = MEDVOL_F32;
    CHECK_STATUS(mv_load_mem(T, &v, f.p, f.n, &o), MEDVOL_E_DTYPE);
    free(f.p);
}
static void test_colour_scaling(void) { /* nifti1.h: a slope means nothing to colours */
    static const int colours[] = {MEDVOL_RGB24, MEDVOL_RGBA32};
    int i;
    for (i = 0; i < 2; i++) {
        spec s = {0};
        bytes f;
        mv_volume v = {0}, w = {0};
        mv_load_opt o = {0};
        s.dtype = colours[i], s.slope = 2, s.inter = 10;
        f = make_file(s);
        CHECK_OK(mv_load_mem(T, &v, f.p, f.n, NULL));
        CHECK(same_voxels(&v, &s) && (v.slope == 0 || v.slope == 1) && v.inter == 0 && mv_warnings(T) == 0);
        o.dtype = MEDVOL_F32;
        CHECK_STATUS(mv_load_mem(T, &w, f.p, f.n, &o), MEDVOL_E_DTYPE);
        CHECK(w.data == NULL);
        mv_volume_free(T, &v);
        free(f.p);
    }
}
static void test_nan_voxels(void) { /* kept bit for bit */
    static const uint32_t odd[4] = {0x7fc00001u, 0xff800000u, 0x7f800001u, 0x80000000u};
    spec s = {0};
    bytes f;
    mv_volume v = {0};
    mv_buffer out = {0};
    s.dtype = MEDVOL_F32, s.ndim = 1, s.dim[0] = 4;
    s.big = *(const char *)&odd[3] != 0; /* the machine's order */
    f = make_file(s);
    memcpy(f.p + 352, odd, 16);
    CHECK_OK(mv_load_mem(T, &v, f.p, f.n, NULL));
    CHECK(memcmp(v.data, odd, 16) == 0);
    CHECK_OK(mv_save_mem(T, &out, NULL, &v, NULL));
    CHECK(memcmp((char *)out.data + 352, f.p + 352, 16) == 0 || s.big);
    mv_buffer_free(T, &out);
    mv_volume_free(T, &v);
    free(f.p);
}

/* ---- saving: types and scaling ---- */
static void test_save_slope(void) { /* halves are kept as they are: a slope that fits is not rounded up */
    size_t dim[1] = {256}, i;
    mv_volume v = {0}, w = {0};
    mv_buffer out = {0};
    mv_save_opt o = {0};
    o.dtype = MEDVOL_U8, o.version = 1;
    CHECK_OK(mv_volume_alloc(T, &v, MEDVOL_F32, 1, dim));
    for (i = 0; i < 256; i++) ((float *)v.data)[i] = (float)i * 0.5f;
    CHECK_OK(mv_save_mem(T, &out, NULL, &v, &o));
    CHECK_OK(mv_load_mem(T, &w, out.data, out.bytes, NULL));
    CHECK(w.slope == 0.5 && w.inter == 0.0);
    for (i = 0; i < 256; i++) CHECK(((unsigned char *)w.data)[i] == i);
    mv_buffer_free(T, &out);
    mv_volume_free(T, &w);
    mv_volume_free(T, &v);
}
static void test_save_as(void) {
    static const mv_dtype to[] = {MEDVOL_U8, MEDVOL_I8, MEDVOL_U16, MEDVOL_I16, MEDVOL_I32, MEDVOL_U32};
    size_t dim[2] = {301, 3}, k, i;
    int c, version;
    for (k = 0; k < 6; k++)
        for (c = 0; c < 4; c++)
            for (version = 1; version <= 2; version++) {
                mv_volume v = {0}, w = {0};
                mv_save_opt o = {0};
                mv_buffer out = {0};
                double lo = INFINITY, hi = -INFINITY, worst = 0, step;
                float *p;
                CHECK_OK(mv_volume_alloc(T, &v, MEDVOL_F32, 2, dim));
                p = (float *)v.data;
                /* noise; noise far from zero; whole numbers that fit; the same with a NaN */
                for (i = 0; i < 903; i++) {
                    double whole = floor(t_uniform(0, 127));
                    p[i] = (float)(c == 0 ? t_uniform(-3, 7) : c == 1 ? t_uniform(1000, 1001) : whole);
                    if (c == 3 && i == 5) p[i] = NAN;
                    if (p[i] == p[i] && p[i] < lo) lo = p[i];
                    if (p[i] == p[i] && p[i] > hi) hi = p[i];
                }
                o.dtype = to[k], o.version = version;
                CHECK_OK(mv_save_mem(T, &out, NULL, &v, &o));
                CHECK_OK(mv_load_mem(T, &w, out.data, out.bytes, NULL));
                CHECK(w.dtype == to[k]);
                if (c >= 2) CHECK(w.slope == 1.0 && w.inter == 0.0);
                step = w.slope;
                for (i = 0; i < 903 && w.data; i++) {
                    double x = stored((unsigned char *)w.data + i * mv_dtype_size(to[k]), to[k]) * w.slope +
                        w.inter,
                           e;
                    e = fabs(x - (p[i] == p[i] ? p[i] : 0));
                    if (e > worst) worst = e;
                }
                CHECK(c >= 2 ? worst == 0
                             : worst <= step * 0.5 * (1 + 1e-6) + (version == 1 && c == 1 ? 4e-5 : 1e-9));
                if (c == 0)
                    CHECK(
                        step < (hi - lo) * 1.0001 / (pow(2, 8.0 * (double)mv_dtype_size(to[k])) - 1) + 1e-30);
                mv_buffer_free(T, &out);
                mv_volume_free(T, &w);
                if (c == 0) { /* a chosen slope; NaN stands for 0 */
                    o.slope = 0.5, o.inter = 1;
                    p[7] = NAN;
                    CHECK_OK(mv_save_mem(T, &out, NULL, &v, &o));
                    CHECK_OK(mv_load_mem(T, &w, out.data, out.bytes, NULL));
                    CHECK(w.slope == 0.5 && w.inter == 1);
                    for (i = 0; i < 903 && w.data; i++) {
                        double want = rint(((p[i] == p[i] ? p[i] : 0.0) - 1) / 0.5),
                               x = stored((unsigned char *)w.data + i * mv_dtype_size(to[k]), to[k]);
                        if (want < 0 && (to[k] == MEDVOL_U8 || to[k] == MEDVOL_U16 || to[k] == MEDVOL_U32))
                            want = 0;
                        if (!CHECK(x == want)) break;
                    }
                    mv_buffer_free(T, &out);
                    mv_volume_free(T, &w);
                }
                mv_volume_free(T, &v);
            }
}
static void test_save_options(void) {
    size_t dim[3] = {6, 5, 4}, one = 40000, small = 10, start[3] = {1, 1, 1}, size[3] = {3, 2, 2}, i, j, k;
    mv_volume v = {0}, w = {0}, view;
    mv_save_opt o = {0};
    mv_buffer out = {0};
    float *p;
    CHECK_OK(mv_volume_alloc(T, &v, MEDVOL_I16, 1, &one)); /* B19: never clamped */
    memset(v.data, 0, 80000);
    CHECK_OK(mv_save_mem(T, &out, NULL, &v, NULL));
    CHECK(get((unsigned char *)out.data, 'i', 0) == 540 &&
        get((unsigned char *)out.data + 24, 'l', 0) == 40000);
    mv_buffer_free(T, &out);
    o.version = 1;
    CHECK_STATUS(mv_save_mem(T, &out, NULL, &v, &o), MEDVOL_E_SIZE);
    CHECK(message_has("40000") && message_has("32767"));
    o.version = 3;
    CHECK_STATUS(mv_save_mem(T, &out, NULL, &v, &o), MEDVOL_E_RANGE);
    mv_volume_free(T, &v);
    memset(&o, 0, sizeof o);
    CHECK_OK(mv_volume_alloc(T, &v, MEDVOL_F16, 1, &small)); /* private types are written on request only */
    memset(v.data, 0, 20);
    ((uint16_t *)v.data)[3] = 0x3c00;
    CHECK_OK(mv_save_mem(T, &out, NULL, &v, NULL));
    CHECK(get((unsigned char *)out.data + 70, 'h', 0) == 16 &&
        get((unsigned char *)out.data + 352 + 12, 'f', 0) == 1);
    mv_buffer_free(T, &out);
    o.dtype = MEDVOL_F16;
    CHECK_OK(mv_save_mem(T, &out, NULL, &v, &o));
    CHECK(get((unsigned char *)out.data + 70, 'h', 0) == 16384 && out.bytes == 372);
    mv_buffer_free(T, &out);
    o.dtype = MEDVOL_RGB24;
    CHECK_STATUS(mv_save_mem(T, &out, NULL, &v, &o), MEDVOL_E_DTYPE);
    o.dtype = (mv_dtype)77;
    CHECK_STATUS(mv_save_mem(T, &out, NULL, &v, &o), MEDVOL_E_DTYPE);
    o.dtype = MEDVOL_F32, o.slope = 2;
    CHECK_STATUS(mv_save_mem(T, &out, NULL, &v, &o), MEDVOL_E_RANGE);
    o.dtype = MEDVOL_U8, o.slope = NAN;
    CHECK_STATUS(mv_save_mem(T, &out, NULL, &v, &o), MEDVOL_E_RANGE);
    o.slope = 1e-300;
    CHECK_STATUS(mv_save_mem(T, &out, NULL, &v, &o), MEDVOL_E_RANGE);
    o.slope = 0, o.level = 11, o.gzip = 1;
    CHECK_STATUS(mv_save_mem(T, &out, NULL, &v, &o), MEDVOL_E_RANGE);
    memset(&o, 0, sizeof o);
    o.pair = 1;
    CHECK_STATUS(mv_save_mem(T, &out, NULL, &v, &o), MEDVOL_E_NULL);
    CHECK_STATUS(mv_save_mem(T, NULL, NULL, &v, NULL), MEDVOL_E_NULL);
    CHECK(out.data == NULL);
    mv_volume_free(T, &v);
    CHECK_OK(mv_volume_alloc(T, &v, MEDVOL_F32, 3, dim)); /* a view is saved as what it shows; B2 */
    p = (float *)v.data;
    for (i = 0; i < 120; i++) p[i] = (float)i;
    CHECK_OK(mv_volume_view(T, &view, &v, start, size));
    CHECK_OK(mv_save_mem(T, &out, NULL, &view, NULL));
    CHECK_OK(mv_load_mem(T, &w, out.data, out.bytes, NULL));
    for (k = 0; k < 2; k++)
        for (j = 0; j < 2; j++)
            for (i = 0; i < 3; i++)
                CHECK(((float *)w.data)[i + 3 * j + 6 * k] == (float)((i + 1) + 6 * (j + 1) + 30 * (k + 1)));
    CHECK(w.affine[3] == 1 && w.affine[7] == 1 && w.affine[11] == 1);
    mv_buffer_free(T, &out);
    mv_volume_free(T, &w);
    mv_volume_free(T, &v);
}
/* written in slices, read back in parts and in parallel, the same bytes for any number of threads */
static void test_block_gzip(void) {
    static const int containers[] = {MEDVOL_GZIP_AUTO, MEDVOL_GZIP_PLAIN, MEDVOL_GZIP_BGZF};
    size_t dim[3] = {64, 61, 37}, i, c;
    mv_volume v = {0};
    int16_t *p;
    CHECK_OK(mv_volume_alloc(T, &v, MEDVOL_I16, 3, dim));
    p = (int16_t *)v.data;
    for (i = 0; i < 64 * 61 * 37; i++) p[i] = (int16_t)(i / 50 % 700 + t_bits() % 8);
    for (c = 0; c < 3; c++) {
        mv_save_opt o = {0};
        mv_load_opt lo = {0};
        mv_buffer out = {0};
        mv_volume w = {0};
        static uint32_t crc[3];
        o.gzip = 1, o.container = containers[c], o.member = 20000;
        CHECK_OK(mv_save_mem(T, &out, NULL, &v, &o));
        CHECK(out.bytes < 64 * 61 * 37 * 2);
        if (!crc[c]) crc[c] = t_crc32(0, (unsigned char *)out.data, out.bytes);
        CHECK(t_crc32(0, (unsigned char *)out.data, out.bytes) == crc[c]);
        CHECK_OK(mv_load_mem(T, &w, out.data, out.bytes, NULL));
        CHECK(memcmp(w.data, v.data, 64 * 61 * 37 * 2) == 0 && mv_warnings(T) == 0);
        mv_volume_free(T, &w);
        lo.dtype = MEDVOL_F32;
        CHECK_OK(mv_load_mem(T, &w, out.data, out.bytes, &lo));
        for (i = 0; i < 64 * 61 * 37; i++)
            if (((float *)w.data)[i] != p[i]) break;
        CHECK(i == 64 * 61 * 37);
        mv_volume_free(T, &w);
        lo.crop = 3, lo.start[2] = 30, lo.size[0] = 64, lo.size[1] = 61, lo.size[2] = 2,
        lo.dtype = MEDVOL_NONE;
        CHECK_OK(mv_load_mem(T, &w, out.data, out.bytes, &lo));
        CHECK(memcmp(w.data, p + 30 * 64 * 61, 2 * 64 * 61 * 2) == 0);
        CHECK(mv_warnings(T) == (c == 1 ? (unsigned)MEDVOL_W_UNVERIFIED : 0u));
        mv_volume_free(T, &w);
        mv_buffer_free(T, &out);
    }
    mv_volume_free(T, &v);
}

/* A scaling chosen for the voxels must keep them, however small or large they are: version 2 where floats
   cannot, else an error; never all zeros. */
static void test_save_extremes(void) {
    static const double scales[] = {1e-300, 1e-60, 1e-44, 1e-20, 1.0, 1e30, 1e60, 1e300};
    static const mv_dtype types_to[] = {MEDVOL_U8, MEDVOL_I16, MEDVOL_U32};
    size_t n = 64, i, k, t;
    mv_volume v = {0}, w = {0};
    mv_buffer b;
    double *p;
    CHECK_OK(mv_volume_alloc(T, &v, MEDVOL_F64, 1, &n));
    p = (double *)v.data;
    for (k = 0; k < sizeof scales / sizeof *scales; k++)
        for (t = 0; t < 3; t++) {
            double range = 63 * scales[k], worst = 0;
            double step = range / (t == 0 ? 255 : t == 1 ? 65535 : 4294967295.0);
            mv_save_opt o = {0};
            mv_load_opt lo = {0};
            for (i = 0; i < n; i++) p[i] = ((double)i - 20.5) * scales[k];
            o.dtype = types_to[t], lo.dtype = MEDVOL_F64;
            CHECK_OK(mv_save_mem(T, &b, NULL, &v, &o));
            CHECK_OK(mv_load_mem(T, &w, b.data, b.bytes, &lo));
            for (i = 0; i < n; i++) worst = fmax(worst, fabs(((double *)w.data)[i] - p[i]));
            CHECK(worst <= 0.51 * step + 2e-7 * range && worst > 0);
            CHECK(w.nifti->version == (scales[k] < 1e-40 || scales[k] > 1e38 ? 2 : 1) || t == 2);
            mv_volume_free(T, &w);
            mv_buffer_free(T, &b);
            o.version = 1; /* as asked, or not at all */
            if (mv_save_mem(T, &b, NULL, &v, &o) == MEDVOL_OK) mv_buffer_free(T, &b);
            else CHECK(T->error.code == MEDVOL_E_RANGE && (scales[k] < 1e-30 || scales[k] > 1e30));
        }
    mv_volume_free(T, &v);
}
static void test_save_64_bits(void) { /* between the 64-bit integers: exact, or scaled */
    size_t n = 4;
    int64_t in[4] = {1, ((int64_t)1 << 60) + 1, 5, 123456789012345679};
    mv_volume v = {0}, w = {0};
    mv_save_opt o = {0};
    mv_buffer b;
    CHECK_OK(mv_volume_wrap(T, &v, in, MEDVOL_I64, 1, &n, NULL));
    o.dtype = MEDVOL_U64;
    CHECK_OK(mv_save_mem(T, &b, NULL, &v, &o));
    CHECK_OK(mv_load_mem(T, &w, b.data, b.bytes, NULL));
    CHECK(w.dtype == MEDVOL_U64 && w.slope == 1.0 && w.inter == 0.0 && memcmp(w.data, in, sizeof in) == 0);
    mv_volume_free(T, &w);
    mv_buffer_free(T, &b);
    in[2] = -5;
    CHECK_OK(mv_save_mem(T, &b, NULL, &v, &o));
    CHECK_OK(mv_load_mem(T, &w, b.data, b.bytes, NULL));
    CHECK(w.slope > 1.0 && w.inter < 0.0);
    mv_volume_free(T, &w);
    mv_buffer_free(T, &b);
}
/* Fields of version 2 that version 1 cannot hold are not cut to its widths. */
static void test_fields_wide(void) {
    static const struct {
        int at;
        char type;
        double value;
    } wide[] = {{224, 'l', 40000}, {232, 'l', 70000}, {496, 'i', 300}, {500, 'i', 0x30a}, {524, 'i', 0},
        {192, 'd', 1e200}, {208, 'd', 1e60}, {216, 'd', -1e99}, {80, 'd', 1e40}, {504, 'i', 99999}};
    size_t i;
    for (i = 0; i < sizeof wide / sizeof *wide; i++) {
        spec s = {0};
        bytes f;
        mv_volume v = {0};
        mv_save_opt o = {0};
        mv_buffer b;
        int fits = wide[i].value == 0;
        s.version = 2;
        f = make_file(s);
        put(f.p + wide[i].at, wide[i].type, wide[i].value, 0);
        CHECK_OK(mv_load_mem(T, &v, f.p, f.n, NULL));
        CHECK_OK(mv_save_mem(T, &b, NULL, &v, &o));
        CHECK(get((unsigned char *)b.data, 'i', 0) == (fits ? 348 : 540));
        CHECK(fits || get((unsigned char *)b.data + wide[i].at, wide[i].type, 0) == wide[i].value);
        mv_buffer_free(T, &b);
        o.version = 1;
        if (fits) CHECK_OK(mv_save_mem(T, &b, NULL, &v, &o));
        else CHECK_STATUS(mv_save_mem(T, &b, NULL, &v, &o), MEDVOL_E_SIZE);
        if (fits) mv_buffer_free(T, &b);
        mv_volume_free(T, &v);
        free(f.p);
    }
}
/* The code written names the space of the transform that was used, not of one that was passed over. */
static void test_transform_code(void) {
    spec s = {0};
    bytes f = make_file(s);
    mv_volume v = {0};
    mv_load_opt o = {0};
    mv_buffer b;
    put(f.p + 252, 'h', 1, 0); /* qform: scanner */
    put(f.p + 254, 'h', 4, 0); /* sform: MNI, and all zeros */
    o.crop = 1, o.start[0] = 1, o.size[0] = 2;
    CHECK_OK(mv_load_mem(T, &v, f.p, f.n, &o));
    CHECK(mv_warnings(T) == MEDVOL_W_AFFINE);
    CHECK_OK(mv_save_mem(T, &b, NULL, &v, NULL));
    CHECK(get((unsigned char *)b.data + 252, 'h', 0) == 1 && get((unsigned char *)b.data + 254, 'h', 0) == 1);
    mv_buffer_free(T, &b);
    mv_volume_free(T, &v);
    free(f.p);
}
/* Slice timing of a crop: shifted with its slices, dropped when some are cut off; also from slice 0 on, where
   the affine stays the same. */
static void test_crop_slices(void) {
    static const struct {
        int from, size, start, end, want_start, want_end, code;
    } cases[] = {{0, 10, 2, 5, 2, 5, 3}, {0, 10, 0, 0, 0, 0, 3}, {0, 6, 2, 5, 2, 5, 3}, {1, 5, 2, 5, 1, 4, 3},
        {2, 4, 2, 5, 0, 3, 3}, {3, 4, 2, 5, 0, 0, 0}, {0, 5, 2, 5, 0, 0, 0}, {0, 5, 0, 9, 0, 0, 0},
        {0, 5, 0, 0, 0, 0, 0}, {1, 9, 0, 0, 0, 0, 0}, {0, 5, -3, 2, 0, 0, 0}};
    size_t i;
    for (i = 0; i < sizeof cases / sizeof *cases; i++) {
        spec s = {0};
        bytes f;
        mv_volume v = {0};
        mv_load_opt o = {0};
        s.ndim = 3, s.dim[0] = 2, s.dim[1] = 3, s.dim[2] = 10;
        f = make_file(s);
        put(f.p + 39, 'c', 3 << 4, 0);
        put(f.p + 74, 'h', cases[i].start, 0);
        put(f.p + 120, 'h', cases[i].end, 0);
        put(f.p + 122, 'c', 3, 0);
        put(f.p + 132, 'f', 0.125, 0);
        o.crop = 3, o.size[0] = 2, o.size[1] = 3, o.start[2] = cases[i].from, o.size[2] = cases[i].size;
        CHECK_OK(mv_load_mem(T, &v, f.p, f.n, &o));
        CHECK(v.nifti->slice_start == cases[i].want_start && v.nifti->slice_end == cases[i].want_end);
        CHECK(v.nifti->slice_code == cases[i].code);
        CHECK(v.nifti->slice_duration == (cases[i].code ? 0.125 : 0.0));
        CHECK(v.nifti->dim_info == 3 << 4);
        mv_volume_free(T, &v);
        free(f.p);
    }
}
static void test_header_options(void) { /* of the options only analyze counts for a header */
    spec s = {0};
    bytes f = make_file(s);
    mv_volume v = {0};
    mv_load_opt o = {0};
    o.crop = 9, o.wide = -1, o.volumes = 77, o.dtype = MEDVOL_RGB24;
    CHECK_OK(mv_load_header_mem(T, &v, f.p, f.n, &o));
    CHECK(v.dim[0] == 4 && v.dtype == MEDVOL_I16 && v.data == NULL);
    file_put(t_path("header_options.nii"), f.p, f.n);
    CHECK_OK(mv_load_header(T, &v, t_path("header_options.nii"), &o));
    CHECK(v.dim[0] == 4 && v.dtype == MEDVOL_I16 && v.data == NULL);
    mv_volume_free(T, &v);
    free(f.p);
}
static void test_load_alias(void) { /* into the memory that the file lies in */
    spec s = {0};
    bytes f = make_file(s), kept = make_file(s);
    size_t dim[3] = {4, 3, 2}, at;
    mv_volume v = {0};
    for (at = 0; at + 48 <= f.n; at += 16) {
        CHECK_OK(mv_volume_wrap(T, &v, f.p + at, MEDVOL_I16, 3, dim, NULL));
        CHECK_STATUS(mv_load_mem(T, &v, f.p, f.n, NULL), MEDVOL_E_ALIAS);
        CHECK(v.data == f.p + at && v.nifti == NULL && memcmp(f.p, kept.p, f.n) == 0);
    }
    free(f.p);
    free(kept.p);
}

/* A crop decodes only the members it touches, so its place in the stream rests on the lengths that the
   members before it claim. A wrong one may not shift the voxels. */
static void test_block_claims(void) {
    size_t dim[3] = {32, 16, 24}, member, i;
    mv_volume v = {0}, w = {0};
    mv_save_opt o = {0};
    mv_load_opt lo = {0};
    mv_buffer out = {0};
    mv_gzip_index x;
    int16_t *p;
    CHECK_OK(mv_volume_alloc(T, &v, MEDVOL_I16, 3, dim));
    p = (int16_t *)v.data;
    for (i = 0; i < 32 * 16 * 24; i++) p[i] = (int16_t)(i * 7);
    o.gzip = 1, o.member = 32 * 16 * 2 * 4;
    CHECK_OK(mv_save_mem(T, &out, NULL, &v, &o));
    CHECK_OK(mv_gzip_index_mem(T, &x, out.data, out.bytes));
    CHECK(x.kind == MEDVOL_GZIP_MGZIP && x.count == 7);
    lo.crop = 3, lo.size[0] = 32, lo.size[1] = 16, lo.size[2] = 2, lo.start[2] = 21;
    for (member = 0; member < 5; member++) /* slices 20..23 are the sixth member of voxels */
        for (i = 0; i < 2; i++) {
            mv_gzip_member m = x.member[member];
            unsigned char *size = (unsigned char *)out.data + m.src + m.src_n - 4, kept = *size;
            *size = (unsigned char)(i ? kept + 2 : kept - 2);
            CHECK_STATUS(mv_load_mem(T, &w, out.data, out.bytes, &lo), MEDVOL_E_CORRUPT);
            CHECK(w.data == NULL);
            *size = kept;
        }
    CHECK_OK(mv_load_mem(T, &w, out.data, out.bytes, &lo));
    CHECK(memcmp(w.data, p + 21 * 32 * 16, 2 * 32 * 16 * 2) == 0 && mv_warnings(T) == 0);
    mv_volume_free(T, &w);
    mv_volume_free(T, &v);
    mv_gzip_index_free(T, &x);
    mv_buffer_free(T, &out);
}
/* What is behind the voxels is judged alike in every container: voxels behind a crop are no surplus, zeros
   are padding however many, anything else is worth a word. */
static void test_behind(void) {
    size_t dim[3] = {32, 32, 16}, c, i;
    mv_volume v = {0}, w = {0};
    CHECK_OK(mv_volume_alloc(T, &v, MEDVOL_U8, 3, dim));
    for (i = 0; i < 32 * 32 * 16; i++) ((uint8_t *)v.data)[i] = (uint8_t)(i * i >> 3);
    for (c = MEDVOL_GZIP_PLAIN; c <= MEDVOL_GZIP_BGZF; c++) {
        mv_save_opt o = {0};
        mv_load_opt lo = {0};
        mv_buffer out;
        unsigned char *longer;
        o.gzip = 1, o.container = (int)c, o.member = 2000;
        CHECK_OK(mv_save_mem(T, &out, NULL, &v, &o));
        lo.crop = 3, lo.size[0] = 32, lo.size[1] = 32, lo.size[2] = 1, lo.verify = 1, lo.max_surplus = 10;
        CHECK_OK(mv_load_mem(T, &w, out.data, out.bytes, &lo));
        CHECK(mv_warnings(T) == 0 && memcmp(w.data, v.data, 32 * 32) == 0);
        mv_volume_free(T, &w);
        longer = (unsigned char *)calloc(out.bytes + 9000, 1);
        if (!longer) abort();
        memcpy(longer, out.data, out.bytes);
        CHECK_OK(mv_load_mem(T, &w, longer, out.bytes + 9000, NULL));
        CHECK(mv_warnings(T) == 0);
        mv_volume_free(T, &w);
        longer[out.bytes + 8999] = 1;
        CHECK_OK(mv_load_mem(T, &w, longer, out.bytes + 9000, NULL));
        CHECK(mv_warnings(T) == MEDVOL_W_TRAILING);
        mv_volume_free(T, &w);
        free(longer);
        mv_buffer_free(T, &out);
    }
    mv_volume_free(T, &v);
}
static void test_save_zeros(void) { /* the least value is a zero of both signs: the bytes are the same */
    float x[37];
    size_t n = 37, i, k;
    mv_save_opt o = {0};
    mv_volume v = {0};
    o.dtype = MEDVOL_U16;
    CHECK_OK(mv_volume_wrap(T, &v, x, MEDVOL_F32, 1, &n, NULL));
    for (k = 0; k < 38; k++) {
        mv_buffer b;
        for (i = 0; i < n; i++) x[i] = i == k ? -0.0f : i % 3 ? 0.0f : (float)i * 0.3f;
        CHECK_OK(mv_save_mem(T, &b, NULL, &v, &o));
        CHECK(get((unsigned char *)b.data + 116, 'i', 0) == 0);
        mv_buffer_free(T, &b);
    }
}
/* An intercept that a float would move by more than half a step takes version 2. */
static void test_save_intercept(void) {
    int16_t in[4] = {-3, 0, 1, 20000};
    size_t n = 4, i, k;
    for (k = 0; k < 2; k++) {
        mv_volume v = {0}, w = {0};
        mv_load_opt lo = {0};
        mv_buffer b;
        CHECK_OK(mv_volume_wrap(T, &v, in, MEDVOL_I16, 1, &n, NULL));
        v.slope = 1e-4, v.inter = k ? 1000000.1 : 0.1;
        CHECK_OK(mv_save_mem(T, &b, NULL, &v, NULL));
        lo.dtype = MEDVOL_F64;
        CHECK_OK(mv_load_mem(T, &w, b.data, b.bytes, &lo));
        CHECK(w.nifti->version == (k ? 2 : 1));
        for (i = 0; i < n; i++) CHECK_NEAR(((double *)w.data)[i], in[i] * v.slope + v.inter, 0.5e-4);
        mv_volume_free(T, &w);
        mv_buffer_free(T, &b);
    }
}
/* The checksum of a .hdr.gz stands behind the bytes that a load needs: it counts all the same. */
static void test_header_verified(void) {
    spec s = {0};
    size_t at, bit;
    s.pair = 1;
    {
        bytes h = make_header(s), x = make_voxels(s), z = gz(h.p, h.n, 0, 0);
        mv_volume v = {0};
        mv_load_opt o = {0};
        o.img = x.p, o.img_bytes = x.n;
        CHECK(z.n == h.n + 23); /* stored: the header lies there as it is */
        CHECK_OK(mv_load_mem(T, &v, z.p, z.n, &o));
        mv_volume_free(T, &v);
        for (at = 15; at < z.n; at++)
            for (bit = 0; bit < 8; bit++) {
                z.p[at] = (unsigned char)(z.p[at] ^ 1u << bit);
                CHECK(mv_load_mem(T, &v, z.p, z.n, &o) < 0);
                z.p[at] = (unsigned char)(z.p[at] ^ 1u << bit);
            }
        for (at = 1; at <= 8; at++) /* and a trailer that is cut */
            CHECK_STATUS(mv_load_mem(T, &v, z.p, z.n - at, &o), MEDVOL_E_TRUNCATED);
        z.p[z.n - 8] ^= 1; /* the header alone is not verified, as the manual says */
        CHECK_STATUS(mv_load_mem(T, &v, z.p, z.n, &o), MEDVOL_E_CORRUPT);
        CHECK_OK(mv_load_header_mem(T, &v, z.p, z.n, NULL));
        mv_volume_free(T, &v);
        free(h.p);
        free(x.p);
        free(z.p);
    }
}

/* ---- files, names, pairs ---- */
static void test_names(void) { /* what a file is, its content says */
    spec s = {0}, other = {0};
    bytes f = make_file(s), z = gz(f.p, f.n, 0, 0), g;
    mv_volume v = {0};
    file_put(t_path("plain_named.nii.gz"), f.p, f.n);
    file_put(t_path("gzip_named.nii"), z.p, z.n);
    file_put(t_path("no_name"), f.p, f.n);
    CHECK_OK(mv_load(T, &v, t_path("plain_named.nii.gz"), NULL));
    CHECK(same_voxels(&v, &s));
    mv_volume_free(T, &v);
    CHECK_OK(mv_load(T, &v, t_path("gzip_named.nii"), NULL));
    CHECK(same_voxels(&v, &s));
    mv_volume_free(T, &v);
    CHECK_OK(mv_load(T, &v, t_path("no_name"), NULL));
    CHECK(same_voxels(&v, &s));
    mv_volume_free(T, &v);
    other.dtype = MEDVOL_U8; /* x.nii.gz means that file, not x.nii beside it */
    g = make_file(other);
    file_put(t_path("both.nii"), g.p, g.n);
    file_put(t_path("both.nii.gz"), z.p, z.n);
    CHECK_OK(mv_load(T, &v, t_path("both.nii.gz"), NULL));
    CHECK(same_voxels(&v, &s));
    mv_volume_free(T, &v);
    remove(t_path("both.nii.gz"));
    CHECK_STATUS(mv_load(T, &v, t_path("both.nii.gz"), NULL), MEDVOL_E_NOTFOUND);
    CHECK(message_has("both.nii.gz"));
    free(f.p), free(g.p), free(z.p);
}
/* one pair under its names: whole, a crop of it, one part missing or short */
static void expect_pair(const char *hdr, const char *img, bytes a, bytes b, const spec *s) {
    mv_volume v = {0};
    mv_load_opt o = {0};
    file_put(t_path(hdr), a.p, a.n);
    file_put(t_path(img), b.p, b.n);
    CHECK_OK(mv_load(T, &v, t_path(hdr), NULL));
    CHECK(v.data && same_voxels(&v, s) && v.nifti->pair);
    mv_volume_free(T, &v);
    CHECK_OK(mv_load(T, &v, t_path(img), NULL));
    CHECK(v.data && same_voxels(&v, s) && v.nifti->pair);
    mv_volume_free(T, &v);
    o.crop = 1, o.start[0] = 2, o.size[0] = 1;
    CHECK_OK(mv_load(T, &v, t_path(img), &o));
    CHECK(v.dim[0] == 1 && v.dim[1] == 3);
    mv_volume_free(T, &v);
    remove(t_path(img));
    CHECK_STATUS(mv_load(T, &v, t_path(hdr), NULL), MEDVOL_E_NOTFOUND);
    CHECK(message_has("other part"));
    CHECK_OK(mv_load_header(T, &v, t_path(hdr), NULL));
    CHECK(v.dim[0] == 4);
    mv_volume_free(T, &v);
    file_put(t_path(img), b.p, b.n - 1);
    CHECK_STATUS(mv_load(T, &v, t_path(hdr), NULL), MEDVOL_E_TRUNCATED);
#ifdef _WIN32 /* X.IMG is x.img there */
    CHECK(message_has(".img") || message_has(".IMG"));
#else
    CHECK(message_has(img));
#endif
    remove(t_path(hdr));
    CHECK_STATUS(mv_load(T, &v, t_path(img), NULL), MEDVOL_E_NOTFOUND);
    remove(t_path(img));
}
static void test_pairs(void) {
    spec s = {0};
    bytes f = make_file(s), h, x, hz, xz;
    mv_volume v = {0};
    s.pair = 1;
    h = make_header(s), x = make_voxels(s);
    hz = gz(h.p, h.n, 0, 0), xz = gz(x.p, x.n, 1, 16);
    expect_pair("p1.hdr", "p1.img", h, x, &s);
    expect_pair("p2.hdr", "p2.img", hz, x, &s);
    expect_pair("p3.hdr", "p3.img.gz", h, xz, &s);
    expect_pair("p4.hdr.gz", "p4.img.gz", hz, xz, &s);
    expect_pair("p5.HDR", "p5.IMG", h, x, &s);
    expect_pair("p6.hdr.gz", "p6.img", hz, x, &s);
    expect_pair("p7.hdr", "p7.IMG", h, x, &s);
    file_put(t_path("bad.hdr"), f.p, 352); /* the magic of a single file, the voxels apart */
    file_put(t_path("bad.img"), x.p, x.n);
    CHECK_STATUS(mv_load(T, &v, t_path("bad.hdr"), NULL), MEDVOL_E_TRUNCATED);
    CHECK_STATUS(mv_load(T, &v, t_path("bad.img"), NULL), MEDVOL_E_FORMAT);
    file_put(t_path("stray.nii"), h.p, h.n); /* half of a pair under another name */
    CHECK_STATUS(mv_load(T, &v, t_path("stray.nii"), NULL), MEDVOL_E_FORMAT);
    CHECK(message_has(".hdr"));
    CHECK_STATUS(mv_load_mem(T, &v, h.p, h.n, NULL), MEDVOL_E_NULL);
    free(f.p), free(h.p), free(x.p), free(hz.p), free(xz.p);
}
/* Bare voxels that begin like gzip are voxels; gzip that happens to be as long as the voxels is gzip. */
static void test_img_like_gzip(void) {
    enum { N = 200 };
    static const size_t dim[2] = {N, 1};
    unsigned char voxels[N], packed[2 * N], *p;
    size_t k, size = 0;
    mv_volume v = {0}, w = {0};
    mv_save_opt so = {0};
    mv_load_opt lo = {0};
    mv_gzip_opt go = {0};
    mv_buffer header = {0}, img = {0};
    CHECK_OK(mv_volume_wrap(T, &v, voxels, MEDVOL_U8, 2, dim, NULL));
    for (k = 0; k < N; k++) voxels[k] = (unsigned char)(k * 37);
    memcpy(voxels, "\x1f\x8b\x08\x04", 4);
    CHECK_OK(mv_save(T, &v, t_path("like.img"), NULL));
    CHECK_STATUS(mv_load(T, &w, t_path("absent.img"), NULL), MEDVOL_E_NOTFOUND);
    CHECK_OK(mv_load(T, &w, t_path("like.img"), NULL));
    CHECK(mv_volume_count(&w) == N && !memcmp(w.data, voxels, N));
    CHECK(message_has("absent.img")); /* the last failure: that it is no gzip was none */
    mv_volume_free(T, &w);
    CHECK_OK(mv_load(T, &w, t_path("like.hdr"), NULL));
    CHECK(mv_volume_count(&w) == N && !memcmp(w.data, voxels, N));
    mv_volume_free(T, &w);
    so.pair = 1;
    CHECK_OK(mv_save_mem(T, &header, &img, &v, &so));
    lo.img = img.data;
    lo.img_bytes = img.bytes;
    CHECK_OK(mv_load_mem(T, &w, header.data, header.bytes, &lo));
    CHECK(mv_volume_count(&w) == N && !memcmp(w.data, voxels, N));
    mv_volume_free(T, &w);
    go.container = MEDVOL_GZIP_PLAIN;
    memset(voxels, 7, N);
    CHECK_OK(mv_gzip_pack(T, packed, sizeof packed, voxels, N, &go, &size));
    CHECK(size < N - 26 && packed[3] == 0);
    size += 20; /* an empty member at the end, and an extra field to fill it up */
    memmove(packed + N - (size - 10), packed + 10, size - 30);
    memset(packed + 10, 0, N - size);
    packed[3] = 4;
    packed[10] = (unsigned char)(N - size - 2);
    memcpy(packed + N - 20, "\x1f\x8b\x08\0\0\0\0\0\0\xff\x03\0\0\0\0\0\0\0\0\0", 20);
    lo.img = packed;
    lo.img_bytes = N;
    CHECK_OK(mv_load_mem(T, &w, header.data, header.bytes, &lo));
    p = (unsigned char *)w.data;
    CHECK(p && !memcmp(p, voxels, N));
    mv_volume_free(T, &w);
    packed[N - 1] = 1; /* all but a checksum is right: bare voxels */
    CHECK_OK(mv_load_mem(T, &w, header.data, header.bytes, &lo));
    CHECK(w.data && !memcmp(w.data, packed, N));
    mv_volume_free(T, &w);
    mv_buffer_free(T, &header);
    mv_buffer_free(T, &img);
}
static void test_analyze(void) { /* refused, unless it was asked for */
    spec s = {0};
    bytes h, x;
    mv_volume v = {0};
    mv_load_opt o = {0};
    s.pair = 1;
    h = make_header(s), x = make_voxels(s);
    memset(h.p + 344, 0, 4);
    put(h.p + 112, 'f', 3, 0);
    file_put(t_path("old.hdr"), h.p, 348);
    file_put(t_path("old.img"), x.p, x.n);
    CHECK_STATUS(mv_load(T, &v, t_path("old.hdr"), NULL), MEDVOL_E_FORMAT);
    CHECK(message_has("Analyze 7.5"));
    o.analyze = 1;
    CHECK_OK(mv_load(T, &v, t_path("old.img"), &o));
    CHECK(v.data && same_voxels(&v, &s) && v.nifti->version == 0 && v.slope == 1 && v.affine[0] == 1.25 &&
        v.affine[3] == 0);
    CHECK_OK(mv_save(T, &v, t_path("old.nii"), NULL));
    mv_volume_free(T, &v);
    CHECK_OK(mv_load(T, &v, t_path("old.nii"), NULL));
    CHECK(same_voxels(&v, &s) && v.nifti->version == 1);
    mv_volume_free(T, &v);
    free(h.p), free(x.p);
}
static void test_save_names(void) {
    static const char *names[] = {
        "s1.nii", "s2.nii.gz", "s3.hdr", "s4.img", "s5.hdr.gz", "s6.IMG.GZ", "s7", "s8.NII.GZ"};
    static const char *second[] = {NULL, NULL, "s3.img", "s4.hdr", "s5.img.gz", "s6.HDR.GZ", NULL, NULL};
    spec s = {0};
    bytes f = make_file(s), b;
    mv_volume v = {0}, w = {0};
    size_t i;
    CHECK_OK(mv_load_mem(T, &v, f.p, f.n, NULL));
    for (i = 0; i < 8; i++) {
        int zipped = i == 1 || i == 4 || i == 5 || i == 7, k;
        remove(t_path(names[i]));
        for (k = 0; k < 2; k++) { /* new, then over the old one */
            CHECK_OK(mv_save(T, &v, t_path(names[i]), NULL));
            b = file_get(t_path(names[i]));
            CHECK(b.n > 0 && (b.p[0] == 0x1f) == zipped);
            free(b.p);
            if (second[i]) {
                b = file_get(t_path(second[i]));
                CHECK(b.n > 0 && (b.p[0] == 0x1f) == zipped);
                free(b.p);
            }
            CHECK_OK(mv_load(T, &w, t_path(names[i]), NULL));
            CHECK(w.data && same_voxels(&w, &s) && w.nifti->pair == (second[i] != NULL));
            mv_volume_free(T, &w);
        }
        remove(t_path(names[i]));
        if (second[i]) remove(t_path(second[i]));
    }
    {
        mv_save_opt o = {0};
        o.pair = 1;
        CHECK_STATUS(mv_save(T, &v, t_path("x.nii"), &o), MEDVOL_E_RANGE);
        CHECK_STATUS(mv_save(T, &v, "", NULL), MEDVOL_E_NOTFOUND);
        CHECK_STATUS(mv_save(T, &v, "build/tmp/no/such/folder/x.nii", NULL), MEDVOL_E_NOTFOUND);
    }
    mv_volume_free(T, &v);
    free(f.p);
}
#ifdef POSIX
static int temps_left(void) {
    DIR *d = opendir("build/tmp");
    struct dirent *e;
    int n = 0;
    while (d && (e = readdir(d)) != NULL) n += strstr(e->d_name, ".mvtmp.") != NULL;
    if (d) closedir(d);
    return n;
}
/* only regular files, whatever else has the name; links and permissions survive a save */
static void test_paths(void) {
    spec s = {0};
    bytes f = make_file(s);
    mv_volume v = {0};
    struct stat info;
    char *deep = (char *)malloc(5001);
    memset(deep, 'd', 5000);
    strcpy(deep + 4996, ".nii");
    CHECK_STATUS(mv_load(T, &v, "build/tmp", NULL), MEDVOL_E_UNSUPPORTED);
    CHECK(message_has("not a regular file"));
    CHECK_STATUS(mv_load(T, &v, "/dev/zero", NULL), MEDVOL_E_UNSUPPORTED);
    remove("build/tmp/fifo.nii");
    CHECK(mkfifo("build/tmp/fifo.nii", 0600) == 0);
    CHECK_STATUS(mv_load(T, &v, "build/tmp/fifo.nii", NULL), MEDVOL_E_UNSUPPORTED);
    CHECK_STATUS(mv_load_header(T, &v, "build/tmp/fifo.nii", NULL), MEDVOL_E_UNSUPPORTED);
    CHECK_STATUS(mv_map(T, &v, "build/tmp/fifo.nii", NULL), MEDVOL_E_UNSUPPORTED);
    remove("build/tmp/loop.nii");
    CHECK(symlink("loop.nii", "build/tmp/loop.nii") == 0);
    CHECK_STATUS(mv_load(T, &v, "build/tmp/loop.nii", NULL), MEDVOL_E_IO);
    CHECK_STATUS(mv_load(T, &v, deep, NULL), MEDVOL_E_SIZE);
    CHECK(message_has("ddd.nii: opening: the name or")); /* the end of the path, and what is wrong */
    CHECK_STATUS(mv_load(T, &v, "build/tmp/none.nii", NULL), MEDVOL_E_NOTFOUND);
    CHECK(message_has("build/tmp/none.nii"));
    CHECK_STATUS(mv_map(T, &v, "build/tmp", NULL), MEDVOL_E_UNSUPPORTED);
    CHECK(v.data == NULL);

    CHECK_OK(mv_load_mem(T, &v, f.p, f.n, NULL));
    CHECK_STATUS(mv_save(T, &v, "build/tmp/loop.nii", NULL), MEDVOL_E_IO);
    CHECK_STATUS(mv_save(T, &v, deep, NULL), MEDVOL_E_SIZE);
    CHECK(message_has("ddd.nii: opening for writing: the name or"));
    CHECK_STATUS(mv_save(T, &v, "build/tmp", NULL), MEDVOL_E_UNSUPPORTED);
    CHECK_STATUS(mv_save(T, &v, "build/tmp/fifo.nii", NULL), MEDVOL_E_UNSUPPORTED);
    CHECK(lstat("build/tmp/fifo.nii", &info) == 0 && S_ISFIFO(info.st_mode));
    remove("build/tmp/fifo.nii");
    CHECK_STATUS(mv_save(T, &v, "/dev/null", NULL), MEDVOL_E_UNSUPPORTED);
    CHECK(stat("/dev/null", &info) == 0 && S_ISCHR(info.st_mode));
    remove("build/tmp/loop.nii");
    remove("build/tmp/real.nii");
    remove("build/tmp/link.nii");
    file_put("build/tmp/real.nii", "old", 3);
    CHECK(chmod("build/tmp/real.nii", 0640) == 0 && symlink("real.nii", "build/tmp/link.nii") == 0);
    CHECK_OK(mv_save(T, &v, "build/tmp/link.nii", NULL));
    CHECK(lstat("build/tmp/link.nii", &info) == 0 && S_ISLNK(info.st_mode));
    CHECK(stat("build/tmp/real.nii", &info) == 0 && (info.st_mode & 0777) == 0640 && info.st_size == 400);
    remove("build/tmp/real.nii"); /* dangling: the target is made */
    CHECK_OK(mv_save(T, &v, "build/tmp/link.nii", NULL));
    CHECK(stat("build/tmp/real.nii", &info) == 0 && info.st_size == 400);
    { /* a name as long as names get */
        char name[300] = "build/tmp/";
        memset(name + 10, 'n', 246);
        strcpy(name + 256, ".nii");
        CHECK_OK(mv_save(T, &v, name, NULL));
        remove(name);
    }
    CHECK(temps_left() == 0);
    remove("build/tmp/real.nii");
    remove("build/tmp/link.nii");
    mv_volume_free(T, &v);
    free(deep);
    free(f.p);
}
static void test_sparse(void) { /* 4 GB with a crop: only the rows asked for are read */
    spec s = {0};
    bytes h;
    mv_volume v = {0};
    mv_load_opt o = {0};
    mv_status want = sizeof(size_t) > 4 ? MEDVOL_OK : MEDVOL_E_SIZE;
    FILE *file = fopen("build/tmp/sparse.nii", "wb");
    s.ndim = 3, s.dim[0] = 2048, s.dim[1] = 1024, s.dim[2] = 1024, s.big = T_BIG_ENDIAN;
    h = make_header(s);
    if (file && fwrite(h.p, 1, h.n, file) == h.n) {
        fclose(file);
        if (truncate("build/tmp/sparse.nii", (off_t)352 + ((off_t)1 << 32)) == 0) {
            o.crop = 3, o.start[0] = 2000, o.start[1] = 1000, o.start[2] = 1020;
            o.size[0] = 5, o.size[1] = 6, o.size[2] = 4;
            CHECK_STATUS(mv_load(T, &v, "build/tmp/sparse.nii", &o), want);
            CHECK(want ? message_has("too large for this platform") : ((int16_t *)v.data)[119] == 0);
            mv_volume_free(T, &v);
#  if !defined(MEDVOL_NO_MMAP)
            CHECK_STATUS(mv_map(T, &v, "build/tmp/sparse.nii", NULL), want);
            CHECK(want ? message_has("too large for this platform")
                       : ((int16_t *)v.data)[mv_volume_count(&v) / 2] == 0);
            mv_volume_free(T, &v);
#  endif
        }
    }
    remove("build/tmp/sparse.nii");
    free(h.p);
}
#endif
static void test_map(void) { /* B10 B16 */
    int t, version, pair, one = 1, host_big = *(char *)&one == 0;
    for (t = 0; t < TYPES; t++)
        for (version = 1; version <= 2; version++)
            for (pair = 0; pair < 2; pair++) {
                spec s = {0};
                bytes f, x;
                mv_volume v = {0}, w = {0};
                mv_load_opt o = {0};
                size_t e = mv_dtype_size(types[t].t);
                s.dtype = types[t].t, s.version = version, s.pair = pair, s.big = host_big;
                f = pair ? make_header(s) : make_file(s), x = make_voxels(s);
                file_put(pair ? "build/tmp/map.hdr" : "build/tmp/map.nii", f.p, f.n);
                file_put("build/tmp/map.img", x.p, x.n);
                CHECK_OK(mv_map(T, &v, pair ? "build/tmp/map.img" : "build/tmp/map.nii", NULL));
                CHECK(v.data && v.map_bytes && same_voxels(&v, &s));
                memset(v.data, 0x55, e); /* private pages: the file keeps its bytes */
                CHECK(file_is(pair ? "build/tmp/map.img" : "build/tmp/map.nii", pair ? x : f));
                mv_volume_free(T, &v);
                o.crop = 3, o.start[0] = 1, o.size[0] = 2, o.start[1] = 1, o.size[1] = 2, o.size[2] = 2;
                CHECK_OK(mv_map(T, &v, pair ? "build/tmp/map.hdr" : "build/tmp/map.nii", &o));
                CHECK_OK(mv_load(T, &w, pair ? "build/tmp/map.hdr" : "build/tmp/map.nii", &o));
                CHECK(v.dim[0] == 2 && v.stride[1] == 4 &&
                    !memcmp((char *)v.data + 4 * e, (char *)w.data + 2 * e, 2 * e));
                CHECK(memcmp(v.affine, w.affine, sizeof v.affine) == 0);
                mv_volume_free(T, &v);
                mv_volume_free(T, &w);
                if (!pair) { /* saved over the file it was mapped from, half of it changed; B16 */
                    CHECK_OK(mv_map(T, &v, "build/tmp/map.nii", NULL));
                    memset(v.data, 0, e);
                    mv_status st = mv_save(T, &v, "build/tmp/map.nii", NULL);
                    CHECK(v.data && ((unsigned char *)v.data)[0] == 0 &&
                        !memcmp((char *)v.data + e, x.p + e, x.n - e));
#ifdef _WIN32 /* a file that is mapped may be kept from us */
                    if (st == MEDVOL_E_ACCESS) CHECK(file_is("build/tmp/map.nii", f));
                    else
#endif
                    if (CHECK_OK(st) && CHECK_OK(mv_load(T, &w, "build/tmp/map.nii", NULL)))
                        if (w.dtype == v.dtype) CHECK(!memcmp(w.data, v.data, x.n));
                    mv_volume_free(T, &v);
                    mv_volume_free(T, &w);
                }
                free(f.p);
                free(x.p);
            }
    {
        spec s = {0};
        bytes f, z;
        mv_volume v = {0};
        mv_load_opt o = {0};
        s.big = !host_big;
        f = make_file(s), z = gz(f.p, f.n, 0, 0);
        file_put("build/tmp/map.nii", f.p, f.n);
        CHECK_STATUS(mv_map(T, &v, "build/tmp/map.nii", NULL), MEDVOL_E_UNSUPPORTED);
        CHECK(message_has("byte order"));
        file_put("build/tmp/map.nii", z.p, z.n);
        CHECK_STATUS(mv_map(T, &v, "build/tmp/map.nii", NULL), MEDVOL_E_UNSUPPORTED);
        free(f.p), free(z.p);
        s.big = host_big;
        f = make_file(s);
        file_put("build/tmp/map.nii", f.p, f.n - 1);
        CHECK_STATUS(mv_map(T, &v, "build/tmp/map.nii", NULL), MEDVOL_E_TRUNCATED);
        put(f.p + 108, 'f', 353, host_big);
        file_put("build/tmp/map.nii", f.p, f.n);
        CHECK_STATUS(mv_map(T, &v, "build/tmp/map.nii", NULL), MEDVOL_E_UNSUPPORTED);
        put(f.p + 108, 'f', 352, host_big);
        file_put("build/tmp/map.nii", f.p, f.n);
        o.dtype = MEDVOL_F32;
        CHECK_STATUS(mv_map(T, &v, "build/tmp/map.nii", &o), MEDVOL_E_UNSUPPORTED);
        o.dtype = MEDVOL_I16;
        CHECK_OK(mv_map(T, &v, "build/tmp/map.nii", &o));
        mv_volume_free(T, &v);
        free(f.p);
    }
    remove("build/tmp/map.nii"), remove("build/tmp/map.hdr"), remove("build/tmp/map.img");
}

/* ---- hooks: a file system in memory that counts its calls and can fail any of them ---- */
typedef struct disk_file {
    char name[64];
    bytes b;
    int used;
} disk_file;
static struct {
    disk_file file[8];
    /* the fail_at-th call fails; fail_with -100: moves no byte, -101: moves one byte a time */
    int calls, fail_at, fail_with;
    size_t read; /* bytes read, to see how much a load looks at */
    int open;
} disk;
static disk_file *disk_find(const char *name) {
    int i;
    for (i = 0; i < 8; i++)
        if (disk.file[i].used && !strcmp(disk.file[i].name, name)) return &disk.file[i];
    return NULL;
}
static int disk_fails(void) { return ++disk.calls == disk.fail_at && disk.fail_with != -101; }
static int disk_open(void *user, const char *path, int mode, void **file) {
    disk_file *f = disk_find(path);
    int i;
    (void)user;
    if (disk_fails()) return disk.fail_with;
    if (mode == MEDVOL_IO_CREATE) {
        if (f) return MEDVOL_E_EXISTS;
        for (i = 0; disk.file[i].used; i++) {}
        f = &disk.file[i];
        f->used = 1;
        strcpy(f->name, path);
        f->b = bytes_new(0);
    }
    if (!f) return MEDVOL_E_NOTFOUND;
    disk.open++;
    *file = f;
    return 0;
}
static int disk_size(void *user, void *file, uint64_t *n) {
    (void)user;
    if (disk_fails()) return disk.fail_with;
    *n = ((disk_file *)file)->b.n;
    return 0;
}
static int64_t disk_read(void *user, void *file, uint64_t offset, void *dst, size_t n) {
    disk_file *f = (disk_file *)file;
    (void)user;
    if (disk_fails()) return disk.fail_with == -100 ? 0 : disk.fail_with;
    if (offset > f->b.n) return 0;
    if (n > f->b.n - offset) n = (size_t)(f->b.n - offset);
    if (disk.fail_with == -101 && n > 1) n = 1;
    memcpy(dst, f->b.p + offset, n);
    disk.read += n;
    return (int64_t)n;
}
static int64_t disk_write(void *user, void *file, const void *src, size_t n) {
    disk_file *f = (disk_file *)file;
    (void)user;
    if (disk_fails()) return disk.fail_with == -100 ? 0 : disk.fail_with;
    if (disk.fail_with == -101 && n > 3) n = 3;
    f->b = bytes_join(f->b, src, n);
    return (int64_t)n;
}
static int disk_sync(void *user, void *file) {
    (void)user, (void)file;
    return disk_fails() ? disk.fail_with : 0;
}
static int disk_close(void *user, void *file) {
    (void)user, (void)file;
    disk.open--;
    return disk_fails() ? disk.fail_with : 0;
}
static void disk_drop(disk_file *f) {
    free(f->b.p);
    memset(f, 0, sizeof *f);
}
static int disk_rename(void *user, const char *from, const char *to) {
    disk_file *a = disk_find(from), *b = disk_find(to);
    (void)user;
    if (disk_fails()) return disk.fail_with;
    if (!a) return MEDVOL_E_NOTFOUND;
    if (b) disk_drop(b);
    strcpy(a->name, to);
    return 0;
}
static int disk_remove(void *user, const char *path) {
    disk_file *f = disk_find(path);
    (void)user;
    if (!f) return MEDVOL_E_NOTFOUND;
    disk_drop(f);
    return 0;
}
static int disk_resolve(void *user, const char *path, char *buf, size_t size) {
    (void)user;
    if (disk_fails()) return disk.fail_with;
    if (strlen(path) + 1 > size) return MEDVOL_E_SPACE;
    strcpy(buf, path);
    return 0;
}
static const mv_io disk_io = {NULL, disk_open, disk_size, disk_read, disk_write, disk_sync, disk_close,
    disk_rename, disk_remove, disk_resolve, NULL, NULL, NULL, NULL, NULL};
static void disk_put(const char *name, bytes b) { /* takes b */
    int i;
    for (i = 0; disk.file[i].used; i++) {}
    disk.file[i].used = 1;
    strcpy(disk.file[i].name, name);
    disk.file[i].b = b;
}
static void disk_clear(void) {
    int i;
    for (i = 0; i < 8; i++)
        if (disk.file[i].used) disk_drop(&disk.file[i]);
    memset(&disk, 0, sizeof disk);
}
static int disk_count(void) {
    int i, n = 0;
    for (i = 0; i < 8; i++) n += disk.file[i].used;
    return n;
}

static void test_hooks(void) { /* a load through hooks; short reads; only what is needed is read */
    spec s = {0};
    bytes f, z;
    mv_volume v = {0};
    mv_load_opt o = {0};
    int kind;
    s.ndim = 3, s.dim[0] = 40, s.dim[1] = 30, s.dim[2] = 100;
    f = make_file(s);
    T->desc.io = &disk_io;
    for (kind = -1; kind < 4; kind++) {
        z = kind < 0 ? copy(f) : gz(f.p, f.n, kind, 10000);
        disk_put("a.nii", copy(z));
        disk.read = 0;
        CHECK_OK(mv_load(T, &v, "a.nii", NULL));
        CHECK(same_voxels(&v, &s) && disk.open == 0);
        CHECK(disk.read < z.n + z.n / 2); /* once, but for the heads of members */
        mv_volume_free(T, &v);
        disk.fail_with = -101;
        if (kind < 2) CHECK_OK(mv_load(T, &v, "a.nii", NULL)); /* a byte at a time */
        if (kind < 2) CHECK(same_voxels(&v, &s));
        mv_volume_free(T, &v);
        disk.fail_with = 0;
        disk.read = 0;
        CHECK_OK(mv_load_header(T, &v, "a.nii", NULL));
        CHECK(disk.read <= (kind < 0 ? 600 : 70000));
        mv_volume_free(T, &v);
        o.crop = 3, o.start[2] = 1, o.size[0] = 40, o.size[1] = 3, o.size[2] = 2;
        disk.read = 0;
        CHECK_OK(mv_load(T, &v, "a.nii", &o));
        CHECK(v.dim[2] == 2);
        /* of 240 kB; two members of 10 kB and an index */
        CHECK(disk.read < (kind < 0 ? 8000 : kind == 0 || kind == 3 ? 80000 : 110000));
        mv_volume_free(T, &v);
        o.start[2] = 97; /* of blocks not those in front of it */
        disk.read = 0;
        CHECK_OK(mv_load(T, &v, "a.nii", &o));
        CHECK(kind == 0 || kind == 3 || disk.read < (kind < 0 ? 8000 : 110000));
        mv_volume_free(T, &v);
        disk_clear();
        free(z.p);
    }
    CHECK_STATUS(mv_map(T, &v, "a.nii", NULL), MEDVOL_E_NOTFOUND);
    disk_put("a.nii", copy(f));
    CHECK_STATUS(mv_map(T, &v, "a.nii", NULL), MEDVOL_E_UNSUPPORTED);
    disk_clear();
    T->desc.io = T_IO;
    free(f.p);
}
static void test_load_faults(void) { /* every call of a load fails once, in three ways */
    static const int ways[] = {MEDVOL_E_IO, -100, MEDVOL_E_ACCESS};
    spec s = {0};
    bytes f = make_file(s), z = gz(f.p, f.n, 1, 100), h, x;
    int form, way, k, done;
    T->desc.io = &disk_io;
    s.pair = 1;
    h = make_header(s), x = make_voxels(s);
    for (form = 0; form < 3; form++)
        for (way = 0; way < 3; way++)
            for (k = 1, done = 0; !done && k < 200; k++) {
                mv_volume v = {0};
                mv_status st;
                const char *name = form == 2 ? "a.img" : "a.nii";
                disk_put(name, copy(form == 0 ? f : form == 1 ? z : x));
                if (form == 2) disk_put("a.hdr", copy(h));
                disk.calls = 0, disk.fail_at = k, disk.fail_with = ways[way];
                st = mv_load(T, &v, name, NULL);
                done = disk.calls < k;
                CHECK(disk.open == 0);
                if (st == MEDVOL_OK) CHECK(same_voxels(&v, &s)); /* also where a failing close does no harm */
                else CHECK(v.data == NULL && mv_message(T)[0]);
                CHECK(done ? st == MEDVOL_OK : 1);
                mv_volume_free(T, &v);
                disk_clear();
            }
    T->desc.io = T_IO;
    free(f.p), free(z.p), free(h.p), free(x.p);
}
/* every call of a save fails once: the old file is there bit for bit, nothing else */
static void test_save_faults(void) {
    static const int ways[] = {MEDVOL_E_IO, -100, MEDVOL_E_FULL};
    static const char *const names[] = {"a.nii", "a.nii.gz", "a.hdr"};
    size_t dim[3] = {50, 40, 3};
    mv_volume v = {0};
    bytes old = bytes_join(bytes_new(0), "the old file", 12);
    int form, way, k, done;
    CHECK_OK(mv_volume_alloc(T, &v, MEDVOL_F32, 3, dim));
    memset(v.data, 1, 50 * 40 * 3 * 4);
    T->desc.io = &disk_io;
    for (form = 0; form < 3; form++)
        for (way = 0; way < 3; way++)
            for (k = 1, done = 0; !done && k < 200; k++) {
                mv_status st;
                mv_save_opt o = {0};
                disk_file *a, *b;
                o.dtype = form ? MEDVOL_I16 : MEDVOL_NONE;
                disk_put(names[form], copy(old));
                if (form == 2) disk_put("a.img", copy(old));
                disk.calls = 0, disk.fail_at = k, disk.fail_with = ways[way];
                st = mv_save(T, &v, names[form], &o);
                done = disk.calls < k;
                CHECK(disk.open == 0 && disk_count() == (form == 2 ? 2 : 1));
                a = disk_find(names[form]), b = form == 2 ? disk_find("a.img") : NULL;
                CHECK(a && (form != 2 || b));
                if (st < 0 && a) {
                    CHECK(a->b.n == 12 && !memcmp(a->b.p, old.p, 12) && mv_message(T)[0]);
                    CHECK(!message_has("ok"));
                }
                if (st == MEDVOL_OK && a) CHECK(a->b.n > 12 && done);
                CHECK(done ? st == MEDVOL_OK : st < 0 || ways[way] == -100);
                if (st < 0 && ways[way] == MEDVOL_E_FULL) CHECK_STATUS(st, MEDVOL_E_FULL);
                disk_clear();
            }
    { /* without rename: straight to the target; short writes */
        mv_io plain = disk_io;
        mv_volume w = {0};
        plain.rename = NULL, plain.sync = NULL, plain.resolve = NULL;
        T->desc.io = &plain;
        disk_put("a.nii", copy(old));
        disk.fail_with = -101;
        CHECK_OK(mv_save(T, &v, "a.nii", NULL));
        disk.fail_with = 0;
        CHECK(disk_count() == 1);
        CHECK_OK(mv_load(T, &w, "a.nii", NULL));
        CHECK(w.data && !memcmp(w.data, v.data, 50 * 40 * 3 * 4));
        mv_volume_free(T, &w);
        disk.calls = 0, disk.fail_at = 3, disk.fail_with = MEDVOL_E_IO;
        CHECK_STATUS(mv_save(T, &v, "a.nii", NULL), MEDVOL_E_IO);
        CHECK(disk_count() == 0); /* no half file */
        disk_clear();
    }
    T->desc.io = T_IO;
    mv_volume_free(T, &v);
    free(old.p);
}
/* every allocation of load and save fails, once and from then on */
static void test_allocation_faults(void) {
    unsigned char e[96] = {0};
    spec s = {0};
    bytes forms[4], x, f;
    int form, forever, done;
    size_t k;
    mv_volume full = {0};
    s.ext_bytes = chain(e, 0), s.ext = e;
    s.ndim = 2, s.dim[0] = 300, s.dim[1] = 40;
    f = make_file(s), x = make_voxels(s);
    forms[0] = copy(f), forms[1] = gz(f.p, f.n, 0, 0), forms[2] = gz(f.p, f.n, 1, 5000);
    s.pair = 1;
    forms[3] = make_header(s);
    CHECK_OK(mv_load_mem(T, &full, f.p, f.n, NULL));
    T->desc.io = &disk_io;
    for (form = 0; form < 4; form++)
        for (forever = 0; forever < 2; forever++)
            for (k = 1, done = 0; !done && k < 100; k++) {
                mv_volume v = {0};
                mv_load_opt o = {0};
                mv_status st;
                size_t before = t_live(), made = t_allocations();
                disk_put("a.hdr", copy(forms[form]));
                if (form == 3) disk_put("a.img", copy(x));
                o.dtype = form & 1 ? MEDVOL_F32 : MEDVOL_NONE;
                t_fail_alloc(k, forever);
                st = mv_load(T, &v, "a.hdr", &o);
                t_fail_alloc(0, 0);
                done = t_allocations() - made < k;
                CHECK(done ? st == MEDVOL_OK : st == MEDVOL_E_NOMEM);
                if (st < 0) CHECK(v.data == NULL && v.nifti == NULL && t_live() == before);
                mv_volume_free(T, &v);
                CHECK(disk.open == 0);
                disk_clear();
            }
    for (form = 0; form < 4; form++)
        for (forever = 0; forever < 2; forever++)
            for (k = 1, done = 0; !done && k < 100; k++) {
                mv_save_opt o = {0};
                mv_buffer out = {0}, img = {0};
                mv_status st;
                size_t before = t_live(), made = t_allocations();
                o.dtype = form & 1 ? MEDVOL_U8 : MEDVOL_NONE; /* the range is looked for */
                o.gzip = form == 2, o.pair = form == 3;
                t_fail_alloc(k, forever);
                st = mv_save_mem(T, &out, &img, &full, &o);
                t_fail_alloc(0, 0);
                done = t_allocations() - made < k;
                CHECK(done ? st == MEDVOL_OK : st == MEDVOL_E_NOMEM);
                if (st < 0) CHECK(out.data == NULL && img.data == NULL && t_live() == before);
                mv_buffer_free(T, &out);
                mv_buffer_free(T, &img);
                made = t_allocations();
                t_fail_alloc(k, forever);
                st = mv_save(T, &full, form == 2 ? "b.nii.gz" : form == 3 ? "b.hdr" : "b.nii", &o);
                t_fail_alloc(0, 0);
                done = done && t_allocations() - made < k;
                CHECK(st == MEDVOL_OK || (st == MEDVOL_E_NOMEM && disk_count() == 0));
                CHECK(t_live() == before && disk.open == 0);
                disk_clear();
            }
    T->desc.io = T_IO;
    mv_volume_free(T, &full);
    for (form = 0; form < 4; form++) free(forms[form].p);
    free(f.p), free(x.p);
}
/* 8 GB claimed by a few hundred bytes: less than a megabyte is taken; B25 */
static void test_bounded_trust(void) {
    spec s = {0};
    bytes f, z, h;
    mv_ctx ctx;
    mv_volume v = {0};
    int kind, version;
    t_weigh(&ctx, 1);
    for (version = 1; version <= 2; version++) {
        s.version = version;
        s.ndim = 3, s.dim[0] = 2048, s.dim[1] = 2048, s.dim[2] = sizeof(size_t) > 4 ? 1024 : 255;
        h = make_header(s);
        f = bytes_join(copy(h), "a few voxels", 12);
        for (kind = -1; kind < 4; kind++) {
            z = kind < 0 ? copy(f) : gz(f.p, f.n, kind, 100);
            if (kind >= 0) memset(z.p + z.n - 4, 0xff, 4); /* and 4 GB in ISIZE */
            t_peak();
            CHECK(mv_load_mem(&ctx, &v, z.p, z.n, NULL) < 0);
            CHECK(t_peak() < 1000000 && t_weight() == 0 && v.data == NULL);
            free(z.p);
        }
        put(h.p + h.n - 4, 'c', 1, 0); /* 2^60 bytes of extensions, 1 byte of file */
        put(h.p + (version == 2 ? 168 : 108), version == 2 ? 'l' : 'f', 1152921504606846976.0, 0);
        t_peak();
        CHECK(mv_load_mem(&ctx, &v, h.p, h.n, NULL) < 0);
        z = gz(h.p, h.n, 0, 0);
        CHECK(mv_load_mem(&ctx, &v, z.p, z.n, NULL) < 0);
        CHECK(mv_load_header_mem(&ctx, &v, z.p, z.n, NULL) == MEDVOL_OK);
        mv_volume_free(&ctx, &v);
        CHECK(t_peak() < 1500000 && t_weight() == 0);
        free(z.p);
        free(h.p);
        free(f.p);
    }
    mv_ctx_free(&ctx);
}
static void test_save_memory(void) { /* bounded: chunks, no second copy of the volume */
    size_t dim[3] = {256, 256, 200};
    mv_ctx ctx;
    mv_volume v = {0};
    mv_save_opt o = {0};
    size_t before;
    t_weigh(&ctx, 2);
    CHECK(mv_volume_alloc(&ctx, &v, MEDVOL_F64, 3, dim) == MEDVOL_OK); /* 105 MB */
    memset(v.data, 0, 256 * 256 * 200 * 8);
    before = t_weight();
    t_peak();
    o.dtype = MEDVOL_F32, o.no_sync = 1;
    CHECK(mv_save(&ctx, &v, t_path("memory.nii"), &o) == MEDVOL_OK);
    CHECK(t_peak() - before < (size_t)6 << 20);
    CHECK(mv_save(&ctx, &v, t_path("memory.nii.gz"), &o) == MEDVOL_OK);
    CHECK(t_peak() - before < (size_t)32 << 20);
    remove(t_path("memory.nii"));
    remove(t_path("memory.nii.gz"));
    mv_volume_free(&ctx, &v);
    mv_ctx_free(&ctx);
    for (o.pair = 0; o.pair < 2; o.pair++) { /* a small file: not a compressor of each thread */
        mv_buffer file, img;
        t_weigh(&ctx, 64);
        dim[0] = dim[1] = 40, dim[2] = 30, o.gzip = 1;
        CHECK(mv_volume_alloc(&ctx, &v, MEDVOL_F32, 3, dim) == MEDVOL_OK);
        memset(v.data, 0, 40 * 40 * 30 * 4);
        t_peak();
        CHECK(mv_save_mem(&ctx, &file, &img, &v, &o) == MEDVOL_OK);
        CHECK(t_peak() < (size_t)24 << 20);
        mv_buffer_free(&ctx, &file), mv_buffer_free(&ctx, &img);
        mv_volume_free(&ctx, &v);
        mv_ctx_free(&ctx);
    }
}
static int stop_at;
static int stop(void *user, double done, double total, const char *label) {
    (void)user, (void)done, (void)total, (void)label;
    return --stop_at <= 0;
}
static void test_cancel(void) {
    size_t dim[3] = {300, 300, 60};
    mv_volume v = {0}, w = {0};
    mv_save_opt o = {0};
    int k, zipped;
    CHECK_OK(mv_volume_alloc(T, &v, MEDVOL_U8, 3, dim));
    memset(v.data, 3, 300 * 300 * 60);
    o.no_sync = 1;
    for (zipped = 0; zipped < 2; zipped++) {
        const char *path = t_path(zipped ? "cancel.nii.gz" : "cancel.nii");
        T->desc.progress = NULL;
        CHECK_OK(mv_save(T, &v, path, &o));
        for (k = 1; k < 3; k++) {
            bytes old = file_get(path), now;
            T->desc.progress = stop;
            stop_at = k;
            if (k == 1) CHECK_STATUS(mv_load(T, &w, path, NULL), MEDVOL_E_CANCELLED);
            CHECK(w.data == NULL);
            stop_at = 1;
            CHECK_STATUS(mv_save(T, &v, path, &o), MEDVOL_E_CANCELLED);
            T->desc.progress = NULL;
            now = file_get(path);
            CHECK(now.n == old.n && !memcmp(now.p, old.p, old.n));
            free(now.p);
            free(old.p);
        }
        remove(path);
    }
    mv_volume_free(T, &v);
}
/* Loading and saving any of a header's single-byte mutations: an answer each time, and what loads can be
   saved and loaded again. */
static void test_mutations(void) {
    int version, at, k;
    for (version = 1; version <= 2; version++) {
        unsigned char e[96] = {0};
        spec s = {0};
        bytes f;
        s.version = version, s.ext_bytes = chain(e, 0), s.ext = e;
        f = make_file(s);
        for (at = 0; at < (int)f.n - 48; at++)
            for (k = 0; k < 3; k++) {
                unsigned char old = f.p[at];
                mv_volume v = {0}, w = {0};
                mv_buffer out = {0};
                f.p[at] = (unsigned char)(k == 0 ? old ^ 0x80 : k == 1 ? old + 1 : 0xff);
                if (mv_load_mem(T, &v, f.p, f.n, NULL) == MEDVOL_OK) {
                    double inverse[12];
                    CHECK(mv_affine_invert(inverse, v.affine) == MEDVOL_OK);
                    if (CHECK_OK(mv_save_mem(T, &out, NULL, &v, NULL)) &&
                        CHECK_OK(mv_load_mem(T, &w, out.data, out.bytes, NULL)))
                        CHECK(v.dtype == MEDVOL_F16 || v.dtype == MEDVOL_BF16 ||
                            (w.dtype == v.dtype &&
                                !memcmp(w.data, v.data, mv_volume_count(&v) * mv_dtype_size(v.dtype))));
                    mv_buffer_free(T, &out);
                } else CHECK(v.data == NULL && mv_message(T)[0]);
                mv_volume_free(T, &v);
                mv_volume_free(T, &w);
                f.p[at] = old;
            }
        for (at = 0; at < (int)f.n; at++) { /* every length */
            mv_volume v = {0};
            unsigned char *tight = (unsigned char *)t_guard((size_t)at);
            memcpy(tight, f.p, (size_t)at);
            CHECK(mv_load_mem(T, &v, tight, (size_t)at, NULL) < 0 && v.data == NULL);
            t_guard_free(tight, (size_t)at);
        }
        free(f.p);
    }
}

const t_case tests_io[] = {
    {"every_type B7 B10 B26", test_every_type, 0},
    {"save_every_type", test_save_every_type, 0},
    {"every_length", test_every_length, T_ONCE},
    {"other_formats", test_other_formats, T_ONCE},
    {"geometry", test_geometry, T_ONCE},
    {"pixdim_mended", test_pixdim_mended, T_ONCE},
    {"header_into", test_header_into, T_ONCE},
    {"pixdim_saved", test_pixdim_saved, T_ONCE},
    {"geometry_saved B4 B6", test_geometry_saved, T_ONCE},
    {"fields", test_fields, T_ONCE},
    {"extensions", test_extensions, T_ONCE},
    {"extensions_malformed", test_extensions_malformed, T_ONCE},
    {"gzip_members B26", test_gzip_members, 0},
    {"gzip_heads", test_gzip_heads, 0},
    {"gzip_limits B25", test_gzip_limits, 0},
    {"crops B13 B24", test_crops, 0},
    {"crop_arguments B20", test_crop_arguments, T_ONCE},
    {"load_as B10 B11", test_load_as, 0},
    {"load_into", test_load_into, 0},
    {"partial", test_partial, 0},
    {"half_turns", test_half_turns, T_ONCE},
    {"partial_trailer", test_partial_trailer, T_ONCE},
    {"wide", test_wide, T_ONCE},
    {"complex_scaling", test_complex_scaling, T_ONCE},
    {"colour_scaling", test_colour_scaling, T_ONCE},
    {"nan_voxels", test_nan_voxels, T_ONCE},
    {"save_slope", test_save_slope, T_ONCE},
    {"save_as", test_save_as, 0},
    {"save_options B2 B19", test_save_options, T_ONCE},
    {"block_gzip", test_block_gzip, 0},
    {"block_claims", test_block_claims, 0},
    {"behind", test_behind, 0},
    {"save_extremes", test_save_extremes, T_ONCE},
    {"save_intercept", test_save_intercept, T_ONCE},
    {"save_zeros", test_save_zeros, 0},
    {"save_64_bits", test_save_64_bits, T_ONCE},
    {"fields_wide", test_fields_wide, T_ONCE},
    {"transform_code", test_transform_code, T_ONCE},
    {"crop_slices", test_crop_slices, T_ONCE},
    {"header_options", test_header_options, T_ONCE},
    {"load_alias", test_load_alias, T_ONCE},
    {"header_verified", test_header_verified, T_ONCE},
    {"names", test_names, T_ONCE},
    {"pairs", test_pairs, T_ONCE},
    {"img_like_gzip", test_img_like_gzip, T_ONCE},
    {"analyze", test_analyze, T_ONCE},
    {"save_names", test_save_names, T_ONCE},
    {"paths", T_POSIX(test_paths), T_ONCE},
    {"sparse", T_POSIX(test_sparse), T_ONCE},
    {"map B10 B16", test_map, T_ONCE},
    {"hooks", test_hooks, 0},
    {"load_faults", test_load_faults, T_ONCE},
    {"save_faults", test_save_faults, 0},
    {"allocation_faults", test_allocation_faults, 0},
    {"bounded_trust B25", test_bounded_trust, T_ONCE},
    {"save_memory", test_save_memory, T_ONCE},
    {"cancel", test_cancel, T_ONCE},
    {"mutations", test_mutations, T_ONCE},
    {NULL, NULL, 0},
};
