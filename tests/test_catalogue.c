/* test_catalogue.c - files that are broken, hostile or merely odd, one line each, and the answer that each
   must get. tests/catalogue.txt names all of them and the cases of other files that belong here; case `table`
   compares the two. */
#if defined(__unix__) || defined(__APPLE__)
#  define _DEFAULT_SOURCE 1
#  define _FILE_OFFSET_BITS 64
#  include <fcntl.h>
#  include <unistd.h>
#  define POSIX 1
#endif
#include "nifti.h"

/* What every load below must keep to: it asks for less than a megabyte, releases it, leaves v empty after an
   error and usable after a success. */
static void *(*take)(void *user, size_t n);
static void (*give)(void *user, void *p);
static size_t asked, peak; /* bytes alive, the most there were */
static void *meter_alloc(void *user, size_t n) {
    unsigned char *p = (unsigned char *)take(user, n + 64);
    if (!p) return NULL;
    memcpy(p, &n, sizeof n);
    asked += n;
    if (asked > peak) peak = asked;
    return p + 64;
}
static void meter_free(void *user, void *block) {
    unsigned char *p = (unsigned char *)block - 64;
    size_t n;
    if (!block) return;
    memcpy(&n, p, sizeof n);
    asked -= n;
    give(user, p);
}
static void meter_on(void) {
    take = T->desc.mem_alloc, give = T->desc.mem_free;
    T->desc.mem_alloc = meter_alloc, T->desc.mem_free = meter_free;
    asked = peak = 0;
}
static void meter_off(void) {
    CHECK(asked == 0);
    T->desc.mem_alloc = take, T->desc.mem_free = give;
}
static int is_empty(const mv_volume *v) {
    mv_volume none;
    memset(&none, 0, sizeof none);
    return memcmp(v, &none, sizeof none) == 0;
}

/* ---- headers: patches on a good file of 4 x 3 x 2 int16 ---- */
typedef struct row {
    const char *name;
    int version;
    patch p[3];
    long cut; /* bytes taken off the end; or new ones: -1..-99 before the voxels, more behind them */
    mv_status want;
    unsigned warnings;
    const char *field; /* the error's, or that of the warning when strict makes an error of it */
    double value;
    long offset;
    const char *says; /* a part of the message */
} row;
#define OK MEDVOL_OK, 0, "", 0, -1, ""
#define FORMAT MEDVOL_E_FORMAT, 0
#define SHORT MEDVOL_E_TRUNCATED, 0
#define SIZE MEDVOL_E_SIZE, 0
#define DTYPE MEDVOL_E_DTYPE, 0
static const row rows[] = {
    {"good 1", 1, {{0, 0, 0}}, 0, OK},
    {"good 2", 2, {{0, 0, 0}}, 0, OK},
    {"no bytes", 1, {{0, 0, 0}}, 400, FORMAT, "sizeof_hdr", 0, 0, "an empty file (0 bytes"},
    {"3 bytes", 1, {{0, 0, 0}}, 397, FORMAT, "sizeof_hdr", 3, 0, "3 bytes: a header has 348"},
    {"4 bytes", 1, {{0, 0, 0}}, 396, SHORT, "sizeof_hdr", 4, 4, "4 of 348"},
    {"6 bytes", 1, {{0, 0, 0}}, 394, SHORT, "sizeof_hdr", 6, 6, "6 of 348"},
    {"347 bytes", 1, {{0, 0, 0}}, 53, SHORT, "sizeof_hdr", 347, 347, "347 of 348"},
    {"539 bytes", 2, {{0, 0, 0}}, 53, SHORT, "sizeof_hdr", 539, 539, "539 of 540"},
    {"sizeof_hdr 347", 1, {{0, 'i', 347}}, 0, FORMAT, "sizeof_hdr", 347, 0,
        "sizeof_hdr = 347: must be 348 or"},
    {"sizeof_hdr 0", 1, {{0, 'i', 0}}, 0, FORMAT, "sizeof_hdr", 0, 0, "sizeof_hdr = 0: must be 348 or 540"},
    {"sizeof_hdr 12", 1, {{0, 'i', 12}}, 0, FORMAT, "sizeof_hdr", 12, 0, "sizeof_hdr = 12: must be"},
    {"sizeof_hdr -348", 1, {{0, 'i', -348}}, 0, FORMAT, "sizeof_hdr", -348, 0, "sizeof_hdr = -348: must be"},
    {"sizeof_hdr huge", 1, {{0, 'i', 305419794}}, 0, FORMAT, "sizeof_hdr", 305419794, 0, "= 305419794: must"},
    {"sizeof_hdr of the other order", 1, {{0, 'i', 1543569408}}, 0, FORMAT, "dim[0]", 768, 40,
        "dim[0] = 768: must be 1..7"},
    {"sizeof_hdr 540 before version 1", 1, {{0, 'i', 540}}, -1000, FORMAT, "magic", 0, 4,
        "magic = 0 0 0 0: must"},
    {"magic ni9", 1, {{345, 'c', 'i'}, {346, 'c', '9'}}, 0, FORMAT, "magic", 'n', 344,
        "magic = 6e 69 39 0: must be \"n+1\""},
    {"magic x+1", 1, {{344, 'c', 'x'}}, 0, FORMAT, "magic", 'x', 344, "must be \"n+1\""},
    {"magic not ended", 1, {{347, 'c', '1'}}, 0, FORMAT, "magic", 'n', 344, "6e 2b 31 31: must be \"n+1\""},
    {"magic of version 1 in version 2", 2, {{6, 'c', '1'}}, 0, FORMAT, "magic", 'n', 4, "must be \"n+2\""},
    {"magic that lost its CR", 2, {{8, 'c', 10}, {9, 'c', 26}}, 0, FORMAT, "magic", 10, 8, "text mode"},
    {"magic with a CR too many", 2, {{11, 'c', 13}}, 0, FORMAT, "magic", 13, 8, "text mode"},
    {"Analyze 7.5", 1, {{344, 'i', 0}}, 0, FORMAT, "magic", 0, 344, "Analyze 7.5 is not NIfTI"},
    {"dim[0] 0", 1, {{40, 'h', 0}}, 0, FORMAT, "dim[0]", 0, 40, "dim[0] = 0: must be 1..7"},
    {"dim[0] -1", 1, {{40, 'h', -1}}, 0, FORMAT, "dim[0]", -1, 40, "dim[0] = -1: must be 1..7"},
    {"dim[0] 8", 1, {{40, 'h', 8}}, 0, FORMAT, "dim[0]", 8, 40, "dim[0] = 8: must be 1..7"},
    {"dim[0] 0 in version 2", 2, {{16, 'l', 0}}, 0, FORMAT, "dim[0]", 0, 16, "dim[0] = 0: must be 1..7"},
    {"dim[0] -3 in version 2", 2, {{16, 'l', -3}}, 0, FORMAT, "dim[0]", -3, 16, "dim[0] = -3: must be 1..7"},
    {"dim[0] 200 in version 2", 2, {{16, 'l', 200}}, 0, FORMAT, "dim[0]", 200, 16, "200: must be 1..7"},
    {"dim[0] near 2^63", 2, {{16, 'l', 9.2e18}}, 0, FORMAT, "dim[0]", 9.2e18, 16,
        "dim[0] = 9200000000000000000: must be 1..7"},
    {"dim[1] 0", 1, {{42, 'h', 0}}, 0, FORMAT, "dim[1]", 0, 42, "dim[1] = 0: must be at least 1"},
    {"dim[2] -4", 1, {{44, 'h', -4}}, 0, FORMAT, "dim[2]", -4, 44, "dim[2] = -4: must be at least 1"},
    {"dim[3] 0", 1, {{46, 'h', 0}}, 0, FORMAT, "dim[3]", 0, 46, "dim[3] = 0: must be at least 1"},
    {"dim[3] -2^63", 2, {{40, 'l', -0x1p63}}, 0, FORMAT, "dim[3]", -0x1p63, 40, "-9223372036854775808: must"},
    {"dim[7] 0 of seven", 1, {{40, 'h', 7}, {54, 'h', 0}}, 0, FORMAT, "dim[7]", 0, 54, "dim[7] = 0: must"},
    {"dim beyond the rank", 1, {{48, 'h', -7}, {50, 'h', 0}, {54, 'h', 32000}}, 0, OK},
    {"product wraps to 0", 2, {{24, 'l', 0x1p32}, {32, 'l', 0x1p32}}, 0, SIZE, "dim[2]", 0x1p32, 32,
        "dim[2] ="},
    {"product wraps to 64", 2, {{24, 'l', 4}, {32, 'l', 0x1p60}, {40, 'l', 0x1p60}}, 0, SIZE, "dim[2]",
        0x1p60,
        32, "more bytes than can be counted"},
    {"bytes overflow", 2, {{24, 'l', 2}, {32, 'l', 2}, {40, 'l', 0x1p62}}, 0, SIZE, "dim[3]", 0x1p62, 40,
        "dim[3] = 4611686018427387904"},
    {"2^31 voxels on two axes", 2, {{24, 'l', 0x1p31}, {32, 'l', 0x1p31}}, 0, SIZE, "dim[2]", 0x1p31, 32,
        "dim[2] = 2147483648"},
    {"a terabyte claimed", 2, {{24, 'l', 0x1p40}}, 0, SHORT, "voxels", 48, 592, "48 of 13194139533312 bytes"},
    {"18 GB claimed", 1, {{42, 'h', 30000}, {44, 'h', 30000}, {46, 'h', 10}}, 0, SHORT, "voxels", 48, 400,
        "48 of 18000000000 bytes"},
    {"the most that can be counted", 2, {{24, 'l', 0x1p61 - 512}, {32, 'l', 1}, {40, 'l', 1}}, 0, SHORT,
        "voxels",
        48, 592, "48 of 4611686018427386880 bytes"},
    {"more than can be counted", 2, {{24, 'l', 0x1p61}, {32, 'l', 1}, {40, 'l', 1}}, 0, SIZE, "dim[1]",
        0x1p61,
        24, "dim[1] ="},
    {"datatype 0", 1, {{70, 'h', 0}}, 0, DTYPE, "datatype", 0, 70, "datatype = 0 (UNKNOWN)"},
    {"datatype 1", 1, {{70, 'h', 1}}, 0, MEDVOL_E_UNSUPPORTED, 0, "datatype", 1, 70, "datatype = 1 (BINARY)"},
    {"datatype 255", 1, {{70, 'h', 255}}, 0, DTYPE, "datatype", 255, 70, "datatype = 255 (ALL)"},
    {"datatype 5", 1, {{70, 'h', 5}}, 0, DTYPE, "datatype", 5, 70, "datatype = 5"},
    {"datatype -4", 1, {{70, 'h', -4}}, 0, DTYPE, "datatype", -4, 70, "datatype = -4"},
    {"datatype -32768", 2, {{12, 'h', -32768}}, 0, DTYPE, "datatype", -32768, 12, "datatype = -32768"},
    {"bitpix 8 of int16", 1, {{72, 'h', 8}}, 0, MEDVOL_OK, MEDVOL_W_BITPIX, "bitpix", 8, 72, "bitpix = 8"},
    {"bitpix 0", 2, {{14, 'h', 0}}, 0, MEDVOL_OK, MEDVOL_W_BITPIX, "bitpix", 0, 14, "bitpix = 0"},
    {"vox_offset NaN", 1, {{108, 'f', NANF}}, 0, FORMAT, "vox_offset", NANF, 108,
        "vox_offset = NaN: must be"},
    {"vox_offset Inf", 1, {{108, 'f', INFF}}, 0, FORMAT, "vox_offset", INFF, 108,
        "vox_offset = Inf: must be"},
    {"vox_offset -Inf", 1, {{108, 'f', -INFF}}, 0, FORMAT, "vox_offset", -INFF, 108,
        "vox_offset = -Inf: must"},
    {"vox_offset -1", 1, {{108, 'f', -1}}, 0, FORMAT, "vox_offset", -1, 108, "vox_offset = -1: must be"},
    {"vox_offset 1e30", 1, {{108, 'f', 1e30}}, 0, FORMAT, "vox_offset", (double)1e30f, 108,
        "vox_offset = 1e30"},
    {"vox_offset 352.5", 1, {{108, 'f', 352.5}}, 0, FORMAT, "vox_offset", 352.5, 108, "vox_offset = 352.5"},
    {"vox_offset 351", 1, {{108, 'f', 351}}, 0, FORMAT, "vox_offset", 351, 108, "at least 352"},
    {"vox_offset 1", 1, {{108, 'f', 1}}, 0, FORMAT, "vox_offset", 1, 108, "at least 352"},
    {"vox_offset 543", 2, {{168, 'l', 543}}, 0, FORMAT, "vox_offset", 543, 168, "at least 544"},
    {"vox_offset -2^63", 2, {{168, 'l', -0x1p63}}, 0, FORMAT, "vox_offset", -0x1p63, 168, "at least 544"},
    {"vox_offset 2^62", 2, {{168, 'l', 0x1p62}}, 0, FORMAT, "vox_offset", 0x1p62, 168, "vox_offset"},
    {"vox_offset past the end", 1, {{108, 'f', 4096}}, 0, SHORT, "voxels", 0, 400, "0 of 48 bytes"},
    {"vox_offset below 2^62", 2, {{168, 'l', 0x1p62 - 512}}, 0, SHORT, "voxels", 0, 592, "0 of 48 bytes"},
    {"vox_offset 0", 1, {{108, 'f', 0}}, 0, OK},
    {"vox_offset 0 in version 2", 2, {{168, 'l', 0}}, 0, OK},
    {"vox_offset 353", 1, {{108, 'f', 353}}, -1, OK},
    {"vox_offset 357", 1, {{108, 'f', 357}}, -5, OK},
    {"vox_offset 448 without extensions", 1, {{108, 'f', 448}}, -96, OK},
    {"one byte short", 1, {{0, 0, 0}}, 1, SHORT, "voxels", 47, 399, "47 of 48 bytes"},
    {"half the voxels", 1, {{0, 0, 0}}, 24, SHORT, "voxels", 24, 376, "24 of 48 bytes"},
    {"no voxels", 1, {{0, 0, 0}}, 48, SHORT, "voxels", 0, 352, "0 of 48 bytes"},
    {"a header and nothing else", 1, {{0, 0, 0}}, 52, SHORT, "voxels", 0, 348, "0 of 48 bytes"},
    {"trailing bytes", 1, {{0, 0, 0}}, -1000, OK},
    {"slope 0", 1, {{112, 'f', 0}, {116, 'f', 5}}, 0, OK},
    {"slope NaN", 1, {{112, 'f', NANF}, {116, 'f', NANF}}, 0, OK},
    {"slope Inf", 2, {{176, 'd', INFF}}, 0, OK},
    {"inter NaN", 1, {{112, 'f', 2}, {116, 'f', NANF}}, 0, FORMAT, "scl_inter", NANF, 116, "scl_inter = NaN"},
    {"inter -Inf", 2, {{176, 'd', 2}, {184, 'd', -INFF}}, 0, FORMAT, "scl_inter", -INFF, 184,
        "scl_inter = -Inf"},
#define PIXDIM MEDVOL_OK, MEDVOL_W_PIXDIM
    {"pixdim 0", 1, {{80, 'f', 0}}, 0, PIXDIM, "pixdim[1]", 0, 80, "pixdim[1] = 0: must be positive"},
    {"pixdim NaN", 1, {{84, 'f', NANF}}, 0, PIXDIM, "pixdim[2]", NANF, 84, "pixdim[2] = NaN: must be"},
    {"pixdim Inf", 2, {{128, 'd', INFF}}, 0, PIXDIM, "pixdim[3]", INFF, 128, "pixdim[3] = Inf: must be"},
    {"pixdim negative", 1, {{80, 'f', -1.25}}, 0, PIXDIM, "pixdim[1]", -1.25, 80, "pixdim[1] = -1.25: must"},
    {"pixdim 1e-300", 2, {{112, 'd', 1e-300}}, 0, PIXDIM, "pixdim[1]", 1e-300, 112, "pixdim[1] = 1e-300"},
    {"pixdim beyond the rank", 1, {{92, 'f', 0}, {96, 'f', NANF}}, 0, OK},
#define AFFINE MEDVOL_OK, MEDVOL_W_AFFINE
    {"sform zero", 1, {{254, 'h', 2}}, 0, AFFINE, "sform_code", 2, 254, "sform cannot be inverted"},
    {"sform NaN", 2, {{348, 'i', 4}, {400, 'd', NANF}}, 0, AFFINE, "sform_code", 4, 348, "sform cannot be"},
    {"quaternion NaN", 1, {{252, 'h', 1}, {256, 'f', NANF}}, 0, AFFINE, "qform_code", 1, 252,
        "qform cannot be"},
    {"qoffset Inf", 1, {{252, 'h', 1}, {272, 'f', INFF}}, 0, AFFINE, "qform_code", 1, 252, "qform cannot be"},
    {"quaternion far too long", 1, {{252, 'h', 1}, {264, 'f', 3}}, 0, MEDVOL_OK, MEDVOL_W_QUATERNION,
        "quatern", 9,
        256, "quatern = 9: longer than 1"},
    {"quaternion a little too long", 1, {{252, 'h', 1}, {264, 'f', 1.0004}}, 0, OK},
    {"quaternion NaN without a code", 1, {{256, 'f', NANF}, {268, 'f', INFF}}, 0, OK},
    {"sform NaN without a code", 1, {{280, 'f', NANF}}, 0, OK},
    {"extender without room", 1, {{348, 'c', 1}}, 0, OK},
};
#undef OK
static bytes row_file(const row *r, int big) {
    spec s = {0};
    bytes b, z, c;
    int k;
    s.version = r->version, s.big = big;
    b = make_file(s);
    for (k = 0; k < 3 && r->p[k].type; k++) put(b.p + r->p[k].at, r->p[k].type, r->p[k].value, big);
    if (r->cut >= 0) {
        b.n -= (size_t)r->cut;
        return b;
    }
    z = bytes_new((size_t)-r->cut);
    if (r->cut <= -100) b = bytes_join(b, z.p, z.n);
    else {
        c = bytes_join(bytes_new(0), b.p, 352);
        c = bytes_join(c, z.p, z.n);
        c = bytes_join(c, b.p + 352, b.n - 352);
        free(b.p);
        b = c;
    }
    free(z.p);
    return b;
}
/* the last error is the row's: field, value, byte, text */
static int row_said(const row *r) {
    const mv_error *e = &T->error;
    int same = e->value == r->value || (e->value != e->value && r->value != r->value);
    return e->field && !strcmp(e->field, r->field) && same && e->offset == r->offset &&
        strstr(e->text, r->says);
}
static int row_answer(const row *r, mv_status st, mv_volume *v, int big, int exact) {
    spec s = {0};
    double inverse[12];
    int good;
    s.version = r->version, s.big = big;
    if (st < 0) good = st == r->want && T->error.code == st && (!exact || row_said(r)) && is_empty(v);
    else
        good = r->want == MEDVOL_OK && mv_warnings(T) == r->warnings && v->slope == 1.0 && v->inter == 0.0 &&
            mv_affine_invert(inverse, v->affine) == MEDVOL_OK && (!v->data || same_voxels(v, &s));
    mv_volume_free(T, v);
    return good && asked == 0 && peak < 1000000;
}
/* from memory, from a file, within gzip, the header alone, strictly; in both byte orders */
static void test_headers(void) {
    size_t i;
    int big, way;
    mv_volume v;
    memset(&v, 0, sizeof v);
    meter_on();
    for (i = 0; i < sizeof rows / sizeof *rows; i++)
        for (big = 0; big < 2; big++) {
            const row *r = &rows[i];
            bytes b = row_file(r, big), z = gz(b.p, b.n, 0, 0);
            const char *path = t_path("row.nii");
            file_put(path, b.p, b.n);
            for (way = 0; way < 6; way++) {
                int good, in_voxels = r->want == MEDVOL_E_TRUNCATED && !strcmp(r->field, "voxels");
                mv_status st;
                peak = 0;
                if (way == 3 && in_voxels) { /* a header will do */
                    good = CHECK_OK(mv_load_header_mem(T, &v, b.p, b.n, NULL)) && v.data == NULL && v.nifti;
                    mv_volume_free(T, &v);
                } else if (way < 4) {
                    st = way == 0 ? mv_load_mem(T, &v, b.p, b.n, NULL)
                        : way == 1 ? mv_load(T, &v, path, NULL)
                        : way == 2 ? mv_load_mem(T, &v, z.p, z.n, NULL)
                                   : mv_load_header_mem(T, &v, b.p, b.n, NULL);
                    good = row_answer(r, st, &v, big, way != 2 || !in_voxels);
                    if (way < 2 && st < 0) good = good &&
                        strstr(mv_message(T), way ? "/row.nii: " : "memory: ");
                } else { /* what would warn is an error now, and nothing else is */
                    T->desc.strict = 1;
                    st = way == 4 ? mv_load_mem(T, &v, b.p, b.n, NULL) : mv_load_mem(T, &v, z.p, z.n, NULL);
                    T->desc.strict = 0;
                    good = st == (r->warnings ? MEDVOL_E_FORMAT : r->want) &&
                        (st == MEDVOL_OK || is_empty(&v)) &&
                        (!r->warnings || (row_said(r) && strstr(mv_message(T), "(strict)")));
                    mv_volume_free(T, &v);
                }
                if (!CHECK(good))
                    fprintf(stderr, "  row \"%s\", big %d, way %d: \"%s\"\n", r->name, big, way,
                        mv_message(T));
            }
            free(z.p);
            free(b.p);
        }
    remove(t_path("row.nii"));
    meter_off();
}

/* ---- bounds: limits from both sides, memory, lying hooks ---- */
static void spec_cube(spec *s, int a, int b, int c) {
    memset(s, 0, sizeof *s);
    s->dtype = MEDVOL_U8, s->ndim = 3, s->dim[0] = a, s->dim[1] = b, s->dim[2] = c;
}
/* Each limit just reached and just passed, on the way that each form of a file takes. */
static void test_limits(void) {
    static const unsigned char ext[32 + 64 * 1024] = {17}; /* no multiple of 16: kept as it is */
    static const unsigned char zeros[5000] = {0};
    int form;
    spec s = {0};
    bytes f = make_file(s), z;
    mv_volume v = {0};
    meter_on();
    for (form = -1; form < 4; form++) { /* plain; one member, Mgzip, BGZF, many members */
        mv_limits *limits = &T->desc.limits;
        mv_load_opt o = {0};
        z = form < 0 ? copy(f) : gz(f.p, f.n, form, 100);
        limits->max_bytes = form < 0 ? 48 : 400; /* the voxels alone, or all that is decoded */
        CHECK_OK(mv_load_mem(T, &v, z.p, z.n, NULL));
        mv_volume_free(T, &v);
        limits->max_bytes--;
        CHECK_STATUS(mv_load_mem(T, &v, z.p, z.n, NULL), MEDVOL_E_LIMIT);
        CHECK(is_empty(&v) && strstr(mv_message(T), "limit"));
        limits->max_bytes = 0;
        if (form >= 0) {
            size_t members = form == 0 ? 1 : form == 2 ? 5 : 4;
            limits->max_members = members;
            CHECK_OK(mv_load_mem(T, &v, z.p, z.n, NULL));
            mv_volume_free(T, &v);
            limits->max_members = members - 1;
            if (members > 1) CHECK_STATUS(mv_load_mem(T, &v, z.p, z.n, NULL), MEDVOL_E_LIMIT);
            limits->max_members = 0;
            z = gz_member(z, zeros, sizeof zeros, form == 3 ? 0 : form);
            o.max_surplus = 5000;
            CHECK_OK(mv_load_mem(T, &v, z.p, z.n, &o));
            mv_volume_free(T, &v);
            o.max_surplus = 4999;
            CHECK_STATUS(mv_load_mem(T, &v, z.p, z.n, &o), MEDVOL_E_LIMIT);
        }
        free(z.p);
        /* extensions: a bound of their own, and they are memory like any other */
        s.ext = ext, s.ext_bytes = sizeof ext;
        z = make_file(s);
        s.ext = NULL, s.ext_bytes = 0;
        if (form >= 0) {
            bytes y = gz(z.p, z.n, form, 40000);
            free(z.p);
            z = y;
        }
        limits->max_ext_bytes = sizeof ext;
        CHECK_OK(mv_load_mem(T, &v, z.p, z.n, NULL));
        CHECK(v.nifti && v.nifti->ext_bytes == sizeof ext);
        mv_volume_free(T, &v);
        limits->max_ext_bytes--;
        CHECK_STATUS(mv_load_mem(T, &v, z.p, z.n, NULL), MEDVOL_E_LIMIT);
        limits->max_ext_bytes = 0;
        limits->max_bytes = sizeof ext - 1;
        peak = 0;
        CHECK_STATUS(mv_load_mem(T, &v, z.p, z.n, NULL), MEDVOL_E_LIMIT);
        CHECK_STATUS(mv_load_header_mem(T, &v, z.p, z.n, NULL), MEDVOL_E_LIMIT);
        CHECK(is_empty(&v) && (form >= 0 || peak < sizeof ext));
        limits->max_bytes = 0;
        free(z.p);
    }
    meter_off();
    free(f.p);
}
/* the option partial takes the header's word for the size; max_bytes is there for that */
static void test_partial_bound(void) {
    spec s;
    bytes h;
    mv_volume v = {0};
    mv_load_opt o = {0};
    spec_cube(&s, 2000, 2000, 2000);
    h = make_header(s);
    o.partial = 1;
    meter_on();
    T->desc.limits.max_bytes = 1000000;
    CHECK_STATUS(mv_load_mem(T, &v, h.p, h.n, &o), MEDVOL_E_LIMIT);
    T->desc.limits.max_bytes = 0;
    CHECK(is_empty(&v) && peak < 100000);
    meter_off();
    free(h.p);
}
static void in_turn(void *user, size_t njobs, void (*job)(void *arg, size_t i), void *arg) {
    size_t i;
    (void)user;
    for (i = 0; i < njobs; i++) job(arg, i);
}
/* Many threads and one large member: room for what the file holds, not for a member a thread. */
static void test_large_member(void) {
    const size_t n = (size_t)8 << 20;
    unsigned char *raw = (unsigned char *)calloc(1, 352 + n), *z;
    size_t cap, made = 0, dim[3] = {256, 256, 128};
    mv_gzip_opt g = {0};
    mv_volume v = {0};
    spec s;
    bytes h;
    spec_cube(&s, 256, 256, 128);
    h = make_header(s);
    if (!raw) abort();
    memcpy(raw, h.p, 352);
    g.member = (size_t)16 << 20, g.head = 352;
    cap = mv_gzip_bound(352 + n, &g);
    z = (unsigned char *)malloc(cap);
    CHECK_OK(mv_gzip_pack(T, z, cap, raw, 352 + n, &g, &made));
    CHECK(made < 20000);
    meter_on();
    T->desc.parallel_for = in_turn;
    T->desc.threads = 64;
    CHECK_OK(mv_load_mem(T, &v, z, made, NULL));
    CHECK(mv_volume_count(&v) == n && v.dim[2] == dim[2] && peak < 3 * n + 1000000);
    mv_volume_free(T, &v);
    T->desc.threads = t_threads;
    T->desc.parallel_for = NULL;
    meter_off();
    free(z);
    free(h.p);
    free(raw);
}
/* A file behind hooks that lie. */
enum {
    READS_MORE, READS_FAR_MORE, READS_LEAST, READS_NOTHING, SIZE_HUGE, SIZE_MORE, SIZE_LESS, OPENS_JUNK,
    MAPS_NOTHING, MAPS_FOR_EVER, LIES
};
static struct {
    bytes file;
    int lie, calls;
} liar;
static int liar_open(void *user, const char *path, int mode, void **file) {
    (void)user, (void)path, (void)mode;
    *file = &liar;
    return liar.lie == OPENS_JUNK ? -123456 : 0;
}
static int liar_size(void *user, void *file, uint64_t *n) {
    (void)user, (void)file;
    *n = liar.lie == SIZE_HUGE ? (uint64_t)1 << 63 : liar.lie == SIZE_MORE ? liar.file.n + ((uint64_t)8 << 30)
        : liar.lie == SIZE_LESS ? 100 : liar.file.n;
    return 0;
}
static int64_t liar_read(void *user, void *file, uint64_t at, void *dst, size_t n) {
    size_t there = at < liar.file.n ? liar.file.n - (size_t)at : 0;
    (void)user, (void)file;
    if (n > there) n = there;
    if (n) memcpy(dst, liar.file.p + at, n);
    if (++liar.calls < 3) return (int64_t)n; /* the first words are true */
    switch (liar.lie) {
        case READS_MORE: return (int64_t)n + 1000;
        case READS_FAR_MORE: return INT64_MAX;
        case READS_LEAST: return -INT64_MAX - 1;
        case READS_NOTHING: return 0;
        default: return (int64_t)n;
    }
}
static int liar_close(void *user, void *file) {
    (void)user, (void)file;
    return MEDVOL_E_IO;
}
static int liar_map(void *user, void *file, uint64_t n, void **address) {
    (void)user, (void)file, (void)n;
    *address = liar.lie == MAPS_NOTHING ? NULL : liar.file.p;
    return 0;
}
static void liar_unmap(void *user, void *address, uint64_t n) { (void)user, (void)address, (void)n; }
static void test_lying_hooks(void) {
    static const mv_status want[LIES] = {MEDVOL_E_IO, MEDVOL_E_IO, MEDVOL_E_IO, MEDVOL_E_TRUNCATED,
        MEDVOL_E_SIZE, MEDVOL_OK, MEDVOL_E_TRUNCATED, MEDVOL_E_IO, MEDVOL_E_IO, MEDVOL_E_UNSUPPORTED};
    spec s;
    bytes f;
    int form, lie;
    mv_io io;
    mv_volume v = {0};
    memset(&io, 0, sizeof io);
    io.open = liar_open, io.size = liar_size, io.read = liar_read, io.close = liar_close, io.map = liar_map;
    spec_cube(&s, 50, 50, 50);
    f = make_file(s);
    meter_on();
    T->desc.io = &io;
    for (form = -1; form < 4; form++)
        for (lie = 0; lie < LIES; lie++) {
            mv_status st;
            int mapped = lie >= MAPS_NOTHING, cut;
            io.unmap = lie == MAPS_FOR_EVER ? NULL : liar_unmap;
            for (cut = 0; cut < 2; cut++) {
                liar.file = form < 0 ? copy(f) : gz(f.p, f.n, form, 5000);
                liar.file.n -= cut ? 3000 : 0;
                liar.lie = lie, liar.calls = 0, peak = 0;
                st = mapped ? mv_map(T, &v, "liar.nii", NULL) : mv_load(T, &v, "liar.nii", NULL);
                if (form < 0 && !cut) CHECK_STATUS(st, want[lie]);
                else if (lie != SIZE_MORE || cut) CHECK(st < 0);
                if (st < 0) CHECK(is_empty(&v) && strstr(mv_message(T), "liar.nii: "));
                CHECK(liar.calls < 1000 && peak < 1000000);
                mv_volume_free(T, &v);
                free(liar.file.p);
            }
        }
    T->desc.io = NULL;
    meter_off();
    free(f.p);
}
static void test_long_names(void) { /* what is wrong is told, however long the name */
    char *deep = (char *)malloc(5001);
    mv_volume v = {0};
    if (!deep) abort();
    memset(deep, 'd', 5000);
    deep[5000] = 0;
    CHECK(mv_load(T, &v, deep, NULL) < 0);
    CHECK(strstr(mv_message(T), "dddd: opening: ") && strlen(mv_message(T)) < sizeof T->error.text);
    deep[300] = 0;
    CHECK(mv_load(T, &v, deep, NULL) < 0);
    CHECK(strstr(mv_message(T), "dddd: opening: "));
    free(deep);
}
#ifdef POSIX
/* A map takes no memory: of more than the machine has, and parts beyond 4 GiB. */
static void test_map_far(void) {
    const uint64_t n = (uint64_t)200 << 30;
    const char *path = t_path("far.nii");
    spec s;
    bytes h;
    mv_load_opt o = {0};
    mv_volume v = {0};
    int fd, made;
    spec_cube(&s, 1, 1, 1);
    s.version = 2;
    h = make_header(s);
    put(h.p + 24, 'l', (double)n, 0);
    file_put(path, h.p, h.n);
    fd = open(path, O_WRONLY);
    made = fd >= 0 && ftruncate(fd, (off_t)(544 + n)) == 0 && pwrite(fd, "!", 1, (off_t)(544 + n - 1)) == 1;
    if (fd >= 0) close(fd);
    if (!made) fprintf(stderr, "catalogue/map_far: no files of 200 GiB with holes here\n");
    else if (sizeof(size_t) == 4) {
        CHECK_STATUS(mv_map(T, &v, path, NULL), MEDVOL_E_SIZE);
        CHECK(strstr(mv_message(T), "too large for this platform"));
    } else {
        o.crop = 1, o.start[0] = (int64_t)3 << 30, o.size[0] = (int64_t)n - ((int64_t)3 << 30);
        CHECK_OK(mv_map(T, &v, path, &o));
        CHECK(v.dim[0] == (size_t)o.size[0] && v.data);
        if (v.data) CHECK(((char *)v.data)[0] == 0 && ((char *)v.data)[v.dim[0] - 1] == '!');
        mv_volume_free(T, &v);
        o.start[0] = (int64_t)n - 3, o.size[0] = 3; /* and loaded */
        CHECK_OK(mv_load(T, &v, path, &o));
        CHECK(v.data && ((char *)v.data)[2] == '!');
        mv_volume_free(T, &v);
    }
    remove(path);
    free(h.p);
}
#endif

const t_case tests_catalogue[] = {
    {"headers B26", test_headers, T_ONCE},
    {"limits B25", test_limits, T_ONCE},
    {"partial_bound B25", test_partial_bound, T_ONCE},
    {"large_member B25", test_large_member, T_ONCE},
    {"lying_hooks", test_lying_hooks, T_ONCE},
    {"long_names", test_long_names, T_ONCE},
#ifdef POSIX
    {"map_far", test_map_far, T_ONCE},
#endif
    {NULL, NULL, 0},
};
