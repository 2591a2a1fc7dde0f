/* test_catalogue.c - files that are broken, hostile or merely odd, one line each, and the answer that each
   must get. tests/catalogue.txt names all of them and the cases of other files that belong here; case `table`
   compares the two. */
#if defined(__unix__) || defined(__APPLE__)
#  define _DEFAULT_SOURCE 1
#  define _FILE_OFFSET_BITS 64
#  include <fcntl.h>
#  include <sys/stat.h>
#  include <sys/wait.h>
#  include <unistd.h>
#  define POSIX 1
#endif
#include "nifti.h"
#include <time.h>

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
/* 48 bytes of more than 32 bits can count: `field` is where those give up */
#define WIDE(field, value, at) SIZE, field, value, at, "too large for this platform"
#if SIZE_MAX > 0xffffffffu
#  define CLAIM(field, value, at, end, says) SHORT, "voxels", 48, end, says
#  define WRAP(field, value, at, field64, value64, at64, says) SIZE, field64, value64, at64, says
#else
#  define WRAP(field, value, at, field64, value64, at64, says) WIDE(field, value, at)
#  define CLAIM(field, value, at, end, says) WIDE(field, value, at)
#endif
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
    {"product wraps to 0", 2, {{24, 'l', 0x1p32}, {32, 'l', 0x1p32}}, 0,
        WRAP("dim[1]", 0x1p32, 24, "dim[2]", 0x1p32, 32, "dim[2] =")},
    {"product wraps to 64", 2, {{24, 'l', 4}, {32, 'l', 0x1p60}, {40, 'l', 0x1p60}}, 0, SIZE, "dim[2]",
        0x1p60,
        32, "more bytes than can be counted"},
    {"bytes overflow", 2, {{24, 'l', 2}, {32, 'l', 2}, {40, 'l', 0x1p62}}, 0, SIZE, "dim[3]", 0x1p62, 40,
        "dim[3] = 4611686018427387904"},
    {"2^31 voxels on two axes", 2, {{24, 'l', 0x1p31}, {32, 'l', 0x1p31}}, 0,
        WRAP("dim[1]", 0x1p31, 24, "dim[2]", 0x1p31, 32, "dim[2] = 2147483648")},
    {"a terabyte claimed", 2, {{24, 'l', 0x1p40}}, 0,
        CLAIM("dim[1]", 0x1p40, 24, 592, "48 of 13194139533312 bytes")},
    {"8 GB claimed", 1, {{42, 'h', 2048}, {44, 'h', 2048}, {46, 'h', 1024}}, 0,
        CLAIM("dim[3]", 1024, 46, 400, "48 of 8589934592 bytes")},
    {"18 GB claimed", 1, {{42, 'h', 30000}, {44, 'h', 30000}, {46, 'h', 10}}, 0,
        CLAIM("dim[3]", 10, 46, 400, "48 of 18000000000 bytes")},
    {"the most that can be counted", 2, {{24, 'l', 0x1p61 - 512}, {32, 'l', 1}, {40, 'l', 1}}, 0,
        CLAIM("dim[1]", 0x1p61 - 512, 24, 592, "48 of 4611686018427386880 bytes")},
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
    {"vox_offset 1e30", 1, {{108, 'f', 1e30}}, 0, FORMAT, "vox_offset", 1.0000000150474662e30, 108,
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

/* ---- gzip around the good file: one byte changed, the end cut off or something put behind it ---- */
typedef struct gz_row {
    const char *name;
    int at, flip; /* this byte, from the member's end when negative, is XORed; 0, 0: none */
    int cut;
    const char *behind;
    int behind_bytes;
    mv_status want;
    unsigned warnings;
    const char *field, *says;
} gz_row;
static const gz_row gz_rows[] = {
#define NOTHING 0, "", 0
#define CORRUPT MEDVOL_E_CORRUPT, 0
    {"gzip: good", 0, 0, NOTHING, MEDVOL_OK, 0, "", ""},
    {"gzip: method 7", 2, 15, NOTHING, FORMAT, "sizeof_hdr", "gzip of an unknown method"},
    {"gzip: text flag", 3, 1, NOTHING, MEDVOL_OK, 0, "", ""},
    {"gzip: odd time", 4, 0xff, NOTHING, MEDVOL_OK, 0, "", ""},
    {"gzip: odd extra flags", 8, 0x55, NOTHING, MEDVOL_OK, 0, "", ""},
    {"gzip: odd system", 9, 0x55, NOTHING, MEDVOL_OK, 0, "", ""},
    {"gzip: flag 0x20", 3, 0x20, NOTHING, MEDVOL_E_UNSUPPORTED, 0, "flags", "reserved flag bits"},
    {"gzip: flag 0x40", 3, 0x40, NOTHING, MEDVOL_E_UNSUPPORTED, 0, "flags", "reserved flag bits"},
    {"gzip: flag 0x80", 3, 0x80, NOTHING, MEDVOL_E_UNSUPPORTED, 0, "flags", "reserved flag bits"},
    {"gzip: CRC32 wrong", -8, 1, NOTHING, CORRUPT, "CRC32", "CRC-32 does not match"},
    {"gzip: ISIZE wrong", -4, 1, NOTHING, CORRUPT, "ISIZE", "length in the trailer"},
    {"gzip: ISIZE of 4 GB", -1, 0xff, NOTHING, CORRUPT, "ISIZE", "length in the trailer"},
    {"gzip: a bit of a voxel", -20, 4, NOTHING, CORRUPT, "CRC32", "CRC-32 does not match"},
    {"gzip: 1 byte of the trailer cut", 0, 0, 1, "", 0, SHORT, "gzip", "inside a member's trailer"},
    {"gzip: the trailer cut", 0, 0, 8, "", 0, SHORT, "gzip", "inside a member's trailer"},
    {"gzip: voxels cut", 0, 0, 20, "", 0, SHORT, "voxels", " of 48 bytes"},
    {"gzip: zeros behind", 0, 0, 0, "\0\0\0\0\0\0\0", 7, MEDVOL_OK, 0, "", ""},
    {"gzip: garbage behind", 0, 0, 0, "garbage", 7, MEDVOL_OK, MEDVOL_W_TRAILING, "gzip",
        "behind the last member"},
    {"gzip: one zero, then garbage", 0, 0, 0, "\0x", 2, MEDVOL_OK, MEDVOL_W_TRAILING, "gzip",
        "behind the last"},
    {"gzip: half a magic behind", 0, 0, 0, "\x1f", 1, MEDVOL_OK, MEDVOL_W_TRAILING, "gzip",
        "behind the last"},
    {"gzip: a member of method 7 behind", 0, 0, 0, "\x1f\x8b\x07\0\0\0\0\0\0\0", 10, MEDVOL_E_UNSUPPORTED,
        0, "method",
        "compression method"},
    {"gzip: a member of flag 0x20 behind", 0, 0, 0, "\x1f\x8b\x08\x20\0\0\0\0\0\0", 10,
        MEDVOL_E_UNSUPPORTED, 0,
        "flags", "reserved flag bits"},
    {"gzip: a cut head behind", 0, 0, 0, "\x1f\x8b\x08\0\0", 5, SHORT, "gzip", "inside a member's head"},
    {"gzip: a cut name behind", 0, 0, 0, "\x1f\x8b\x08\x08\0\0\0\0\0\0name", 14, SHORT, "gzip",
        "inside the name"},
    {"gzip: a cut comment behind", 0, 0, 0, "\x1f\x8b\x08\x10\0\0\0\0\0\0x", 11, SHORT, "gzip",
        "inside the comment"},
    {"gzip: a cut extra field behind", 0, 0, 0, "\x1f\x8b\x08\x04\0\0\0\0\0\0\xff\xff", 12, SHORT, "gzip",
        "inside the extra field"},
    {"gzip: a wrong head CRC behind", 0, 0, 0, "\x1f\x8b\x08\x02\0\0\0\0\0\0\0\0", 12, CORRUPT, "FHCRC",
        "CRC-16"},
    {"gzip: block type 3 behind", 0, 0, 0, "\x1f\x8b\x08\0\0\0\0\0\0\0\x07", 11, CORRUPT, "deflate",
        "block type 3"},
    {"gzip: NLEN wrong behind", 0, 0, 0, "\x1f\x8b\x08\0\0\0\0\0\0\0\1\0\0\0\xff", 15, CORRUPT, "deflate",
        "complement disagree"},
    {"gzip: an empty member behind", 0, 0, 0, "\x1f\x8b\x08\0\0\0\0\0\0\0\3\0\0\0\0\0\0\0\0\0", 20,
        MEDVOL_OK, 0, "", ""},
    {"gzip: a wrong empty member behind", 0, 0, 0, "\x1f\x8b\x08\0\0\0\0\0\0\0\3\0\0\0\0\1\0\0\0\0", 20,
        CORRUPT, "CRC32",
        "CRC-32 does not match"},
};
/* one member, Mgzip, BGZF (no mark at its end), many members; from memory and from a file; strictly */
static bytes gz_row_file(const gz_row *r, bytes f, int kind) {
    bytes z = gz(f.p, f.n, kind == 2 ? 3 : kind, 100);
    size_t at;
    if (kind == 2) {
        free(z.p);
        for (z = bytes_new(0), at = 0; at < f.n; at += 100) z = gz_member(z, f.p + at, 100, 2);
    }
    if (r->flip) z.p[r->at < 0 ? (int)z.n + r->at : r->at] ^= (unsigned char)r->flip;
    z.n -= (size_t)r->cut;
    return bytes_join(z, r->behind, (size_t)r->behind_bytes);
}
static void test_gzip_rows(void) {
    size_t i;
    int kind, way;
    spec s = {0};
    bytes f = make_file(s);
    mv_volume v;
    const char *path = t_path("gzip_row.nii.gz");
    memset(&v, 0, sizeof v);
    meter_on();
    for (i = 0; i < sizeof gz_rows / sizeof *gz_rows; i++)
        for (kind = 0; kind < 4; kind++) {
            const gz_row *r = &gz_rows[i];
            bytes z = gz_row_file(r, f, kind);
            file_put(path, z.p, z.n);
            for (way = 0; way < 4; way++) {
                mv_status st, want = way >= 2 && r->warnings ? MEDVOL_E_FORMAT : r->want;
                int good;
                peak = 0;
                T->desc.strict = way >= 2;
                st = way & 1 ? mv_load(T, &v, path, NULL) : mv_load_mem(T, &v, z.p, z.n, NULL);
                T->desc.strict = 0;
                good = st == want && peak < 1000000;
                if (st < 0)
                    good = good && is_empty(&v) && T->error.field && !strcmp(T->error.field, r->field) &&
                        strstr(mv_message(T), r->says) && T->error.offset >= 0 &&
                            T->error.offset <= (long)z.n &&
                        strstr(mv_message(T), way & 1 ? "/gzip_row.nii.gz: " : "memory: ");
                else good = good && same_voxels(&v, &s) && mv_warnings(T) == r->warnings;
                mv_volume_free(T, &v);
                if (!CHECK(good))
                    fprintf(stderr, "  row \"%s\", kind %d, way %d: %d \"%s\" @ %d\n", r->name, kind, way,
                        (int)st, mv_message(T), (int)T->error.offset);
            }
            free(z.p);
        }
    remove(path);
    meter_off();
    free(f.p);
}

/* A volume that holds something keeps it, to the bit, when a file is refused, and is good for the next. */
static void test_kept(void) {
    spec s = {0};
    bytes f = make_file(s);
    mv_volume v = {0}, was;
    size_t i, n = sizeof rows / sizeof *rows, gz_n = sizeof gz_rows / sizeof *gz_rows;
    int way;
    CHECK_OK(mv_load_mem(T, &v, f.p, f.n, NULL));
    was = v;
    for (i = 0; i < n + gz_n; i++) {
        const row *r = i < n ? &rows[i] : NULL;
        bytes b;
        if ((r ? r->want : gz_rows[i - n].want) == MEDVOL_OK) continue;
        b = r ? row_file(r, 0) : gz_row_file(&gz_rows[i - n], f, 1);
        file_put(t_path("kept.nii"), b.p, b.n);
        for (way = 0; way < 4; way++) {
            mv_status st = way == 0 ? mv_load_mem(T, &v, b.p, b.n, NULL)
                : way == 1 ? mv_load(T, &v, t_path("kept.nii"), NULL)
                : way == 2 ? mv_map(T, &v, t_path("kept.nii"), NULL)
                           : mv_load_header_mem(T, &v, b.p, r || b.n < 30 ? b.n : 30, NULL);
            int voxels = r != NULL; /* of gzip they may be written before the checksum is seen */
            if (way == 3 && st == MEDVOL_OK) { /* what is wrong lies behind the header: now that is held */
                mv_volume_free(T, &v);
                CHECK_OK(mv_load_mem(T, &v, f.p, f.n, NULL));
                was = v;
            } else if (!CHECK(st < 0 && !memcmp(&v, &was, sizeof v) && (!voxels || same_voxels(&v, &s))))
                fprintf(stderr, "  \"%s\", way %d\n", r ? r->name : gz_rows[i - n].name, way);
        }
        CHECK_OK(mv_load_mem(T, &v, f.p, f.n, NULL)); /* into the same memory */
        CHECK(v.data == was.data && same_voxels(&v, &s));
        was = v;
        free(b.p);
    }
    remove(t_path("kept.nii"));
    mv_volume_free(T, &v);
    free(f.p);
}

/* ---- odd, but legal or at least harmless: these must load, whatever else is refused ---- */
#define SROW(a, b, c, d, e, f, g, h, i, j, k, l)                                                             \
    {280, 'f', a}, {284, 'f', b}, {288, 'f', c}, {292, 'f', d}, {296, 'f', e}, {300, 'f', f}, {304, 'f', g}, \
        {308, 'f', h}, {312, 'f', i}, {316, 'f', j}, {320, 'f', k}, {324, 'f', l}
typedef struct odd_row {
    const char *name;
    int ndim, dim[7], dtype;
    patch p[16];
    int noise_at, noise; /* so many bytes of the header filled with 0xe9 */
    unsigned warnings;
} odd_row;
#define IMAGE 3, {4, 3, 2}, MEDVOL_I16
static const odd_row odd_rows[] = {
    {"odd: nothing", IMAGE, {{0, 0, 0}}, 0, 0, 0},
    {"odd: sheared sform", IMAGE, {{254, 'h', 2}, SROW(-2, 0.5, 0, 10, 0, 3, 0.25, -20, 0, 0, 4, 30)}, 0, 0,
        0},
    {"odd: sform orthogonal to 3 digits", IMAGE,
        {{254, 'h', 1}, SROW(0.999, -0.035, 0.001, 9, 0.035, 0.998, 0.021, 8, -0.002, -0.022, 0.997, 7)},
        0, 0, 0},
    {"odd: mirrored sform", IMAGE, {{254, 'h', 1}, SROW(1, 0, 0, 0, 0, 0, 1, 0, 0, 1, 0, 0)}, 0, 0, 0},
    {"odd: sform with -0", IMAGE, {{254, 'h', 1}, SROW(-1, -0.0, -0.0, 0, -0.0, -1, -0.0, 0, 0, 0, 1, 0)},
        0, 0, 0},
    {"odd: sform of micrometres", IMAGE, {{254, 'h', 1}, SROW(1e-4, 0, 0, 0, 0, 1e-4, 0, 0, 0, 0, 1e-3, 0)},
        0, 0, 0},
    {"odd: sform and qform disagree", IMAGE,
        {{252, 'h', 1}, {260, 'f', 1}, {254, 'h', 4}, SROW(2, 0, 0, 0, 0, 2, 0, 0, 0, 0, 2, 0)},
        0, 0, 0},
    {"odd: sform code 99", IMAGE, {{254, 'h', 99}, SROW(1, 0, 0, 5, 0, 1, 0, 6, 0, 0, 1, 7)}, 0, 0, 0},
    {"odd: qform code -1", IMAGE, {{252, 'h', -1}, {256, 'f', NANF}}, 0, 0, 0},
    {"odd: qfac 0", IMAGE, {{252, 'h', 1}, {76, 'f', 0}}, 0, 0, 0},
    {"odd: qfac 0.5", IMAGE, {{252, 'h', 1}, {76, 'f', 0.5}}, 0, 0, 0},
    {"odd: qfac -1", IMAGE, {{252, 'h', 1}, {76, 'f', -1}}, 0, 0, 0},
    {"odd: qfac NaN", IMAGE, {{252, 'h', 1}, {76, 'f', NANF}}, 0, 0, 0},
    {"odd: one voxel", 1, {1}, MEDVOL_U8, {{0, 0, 0}}, 0, 0, 0},
    {"odd: one axis", 1, {24}, MEDVOL_I16, {{0, 0, 0}}, 0, 0, 0},
    {"odd: seven axes", 7, {2, 1, 2, 1, 2, 1, 3}, MEDVOL_F32, {{0, 0, 0}}, 0, 0, 0},
    {"odd: a series of one", 4, {4, 3, 2, 1}, MEDVOL_I16, {{0, 0, 0}}, 0, 0, 0},
    {"odd: vectors on axis 5", 5, {4, 3, 2, 1, 3}, MEDVOL_F32, {{68, 'h', 1007}}, 0, 0, 0},
    {"odd: dims beyond the rank 0", IMAGE, {{48, 'h', 0}, {50, 'h', 0}, {52, 'h', 0}, {54, 'h', 0}}, 0, 0, 0},
    {"odd: 32767 voxels on an axis", 2, {32767, 1}, MEDVOL_U8, {{0, 0, 0}}, 0, 0, 0},
    {"odd: time step 0", 4, {4, 3, 2, 2}, MEDVOL_I16, {{92, 'f', 0}}, 0, 0, MEDVOL_W_PIXDIM},
    {"odd: units unknown", IMAGE, {{123, 'c', 0}}, 0, 0, 0},
    {"odd: units of frequency", 4, {4, 3, 2, 2}, MEDVOL_I16, {{123, 'c', 2 | 40}}, 0, 0, 0},
    {"odd: slope -1", IMAGE, {{112, 'f', -1}, {116, 'f', 7}}, 0, 0, 0},
    {"odd: slope 1e-20", IMAGE, {{112, 'f', 1e-20}}, 0, 0, 0},
    {"odd: slope of complex voxels", 3, {4, 3, 2}, MEDVOL_C64, {{112, 'f', 2}, {116, 'f', 1}}, 0, 0, 0},
    {"odd: slope of colours", 3, {4, 3, 2}, MEDVOL_RGB24, {{112, 'f', 2}, {116, 'f', 1}}, 0, 0, 0},
    {"odd: cal_min above cal_max", IMAGE, {{124, 'f', -5}, {128, 'f', 5}}, 0, 0, 0},
    {"odd: cal_max NaN", IMAGE, {{124, 'f', NANF}, {136, 'f', INFF}, {132, 'f', NANF}}, 0, 0, 0},
    {"odd: intent unknown", IMAGE, {{68, 'h', 31000}, {56, 'f', NANF}}, 0, 0, 0},
    {"odd: slices of another file", IMAGE, {{74, 'h', -5}, {120, 'h', 30000}, {122, 'c', 77}, {39, 'c',
        0xff}}, 0, 0, 0},
    {"odd: texts full and not ASCII", IMAGE, {{0, 0, 0}}, 148, 104, 0},
    {"odd: intent name not ended", IMAGE, {{0, 0, 0}}, 328, 16, 0},
    {"odd: old fields of Analyze full of noise", IMAGE, {{0, 0, 0}}, 4, 35, 0},
    {"odd: glmax and glmin full of noise", IMAGE, {{0, 0, 0}}, 140, 8, 0},
    {"odd: extender 0 1 1 1", IMAGE, {{349, 'c', 1}, {350, 'c', 1}, {351, 'c', 1}}, 0, 0, 0},
    {"odd: bitpix 0", IMAGE, {{72, 'h', 0}}, 0, 0, MEDVOL_W_BITPIX},
};
static void odd_fill(spec *s, const odd_row *r, int big) {
    memset(s, 0, sizeof *s);
    s->big = big, s->ndim = r->ndim, s->dtype = r->dtype;
    memcpy(s->dim, r->dim, sizeof s->dim);
}
/* loads, converts and comes back from a save with the same voxels, scaling and place */
static int odd_loads(const odd_row *r, const spec *s, const unsigned char *p, size_t n) {
    mv_volume v, w, real;
    mv_buffer out;
    mv_load_opt o;
    double most = 0;
    int i, good;
    memset(&v, 0, sizeof v), memset(&w, 0, sizeof w), memset(&real, 0, sizeof real);
    memset(&out, 0, sizeof out), memset(&o, 0, sizeof o);
    T->desc.strict = r->warnings == 0;
    good = mv_load_mem(T, &v, p, n, NULL) == MEDVOL_OK && same_voxels(&v, s) && mv_warnings(T) == r->warnings;
    T->desc.strict = 0;
    if (good && v.nifti->sform_code > 0)
        for (i = 0; i < 12; i++) good = good && v.affine[i] == v.nifti->sform[i];
    good = good && mv_affine_invert(w.affine, v.affine) == MEDVOL_OK;
    o.dtype = r->dtype == MEDVOL_C64 ? MEDVOL_C128 : MEDVOL_F64;
    good = good && (r->dtype == MEDVOL_RGB24 || (mv_load_mem(T, &real, p, n, &o) == MEDVOL_OK &&
        mv_volume_count(&real) == mv_volume_count(&v) && real.slope == 1.0));
    good = good && mv_save_mem(T, &out, NULL, &v, NULL) == MEDVOL_OK &&
        mv_load_mem(T, &w, out.data, out.bytes, NULL) == MEDVOL_OK && w.slope == v.slope &&
            w.inter == v.inter &&
        w.ndim == v.ndim && !memcmp(w.data, v.data, mv_volume_count(&v) * mv_dtype_size(v.dtype));
    for (i = 0; good && i < 12; i++) most = fmax(most, fabs(w.affine[i] - v.affine[i]));
    good = good && most < 1e-5;
    mv_buffer_free(T, &out);
    mv_volume_free(T, &v);
    mv_volume_free(T, &w);
    mv_volume_free(T, &real);
    return good;
}
static void test_must_load(void) {
    size_t i;
    int big, k;
    meter_on();
    for (i = 0; i < sizeof odd_rows / sizeof *odd_rows; i++)
        for (big = 0; big < 2; big++) {
            const odd_row *r = &odd_rows[i];
            spec s;
            bytes f, z;
            odd_fill(&s, r, big);
            f = make_file(s);
            for (k = 0; k < 16 && r->p[k].type; k++) put(f.p + r->p[k].at, r->p[k].type, r->p[k].value, big);
            if (r->noise) memset(f.p + r->noise_at, 0xe9, (size_t)r->noise);
            z = gz(f.p, f.n, 0, 0);
            if (!CHECK(odd_loads(r, &s, f.p, f.n) && odd_loads(r, &s, z.p, z.n)))
                fprintf(stderr, "  row \"%s\", big %d: \"%s\", warnings %u\n", r->name, big, mv_message(T),
                    mv_warnings(T));
            free(z.p);
            free(f.p);
        }
    meter_off();
}
/* extensions that exist: odd codes, an empty one, padding behind the chain, a length not in sixteens */
static void test_must_load_extensions(void) {
    static const struct {
        int size, code, room;
        unsigned warnings;
    } chains[] = {{16, 0, 16, 0}, {32, 9999, 32, 0}, {32, -1, 32, 0}, {16, 6, 160, 0}, {48, 44, 64, 0},
        {24, 6, 32, MEDVOL_W_EXTENSION}, {8, 6, 16, MEDVOL_W_EXTENSION},
        {2147483647, 6, 16, MEDVOL_W_EXTENSION}};
    size_t i;
    int big;
    meter_on();
    for (i = 0; i < sizeof chains / sizeof *chains; i++)
        for (big = 0; big < 2; big++) {
            unsigned char e[160] = {0};
            spec s = {0};
            bytes f;
            mv_volume v = {0};
            size_t at = 0, n = 0;
            int code = 12345;
            put(e, 'i', chains[i].size, big);
            put(e + 4, 'i', chains[i].code, big);
            s.big = big, s.ext = e, s.ext_bytes = (size_t)chains[i].room;
            f = make_file(s);
            CHECK_OK(mv_load_mem(T, &v, f.p, f.n, NULL));
            CHECK(same_voxels(&v, &s) && mv_warnings(T) == chains[i].warnings);
            if (!chains[i].warnings)
                CHECK(mv_nifti_ext_next(v.nifti, &at, &code, NULL, &n) && code == chains[i].code &&
                    n == (size_t)chains[i].size - 8 && !mv_nifti_ext_next(v.nifti, &at, NULL, NULL, NULL));
            mv_volume_free(T, &v);
            free(f.p);
        }
    meter_off();
}

/* ---- time and memory: eight times the file, about eight times the time ---- */
static bytes grow(bytes b, size_t n, int value) { /* n equal bytes behind b */
    size_t had = b.n;
    b = bytes_join(b, NULL, 0);
    b.p = (unsigned char *)realloc(b.p, had + n + 1);
    if (!b.p) abort();
    memset(b.p + had, value, n);
    b.n = had + n;
    return b;
}
/* n copies of one piece behind b */
static bytes repeat(bytes b, const void *piece, size_t size, size_t n) {
    size_t at = b.n, i;
    b = grow(b, size * n, 0);
    for (i = 0; i < n; i++) memcpy(b.p + at + i * size, piece, size);
    return b;
}
static void put_bits(unsigned char *p, size_t *at, unsigned v, int n) { /* least significant first */
    for (; n > 0; n--, v >>= 1, ++*at)
        if (v & 1) p[*at / 8] |= (unsigned char)(1 << *at % 8);
}
/* An empty block that makes the decoder build its largest table, followed by an empty stored one. */
static size_t dear_block(unsigned char *p) {
    static const unsigned char order[] = {16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1};
    size_t at = 0, i;
    memset(p, 0, 32);
    put_bits(p, &at, 4, 3); /* dynamic, not the last */
    put_bits(p, &at, 0, 5), put_bits(p, &at, 0, 5), put_bits(p, &at, 14, 4);
    /* code lengths of code lengths: 18 in one bit, 1 in two, 0 and 2 in three */
    for (i = 0; i < 18; i++)
        put_bits(p, &at, order[i] == 18 ? 1 : order[i] == 1 ? 2 : order[i] == 0 || order[i] == 2 ? 3 : 0, 3);
    /* codes, reversed: 18 0, 1 10, 0 110, 2 111; 97 zeros, 'a' 1, 138 + 20 zeros, 256 and 'b' 2 bits */
    put_bits(p, &at, 0, 1), put_bits(p, &at, 97 - 11, 7);
    put_bits(p, &at, 1, 2);
    put_bits(p, &at, 7, 3);
    put_bits(p, &at, 0, 1), put_bits(p, &at, 127, 7);
    put_bits(p, &at, 0, 1), put_bits(p, &at, 19 - 11, 7);
    put_bits(p, &at, 7, 3);
    put_bits(p, &at, 3, 3); /* no distance code */
    put_bits(p, &at, 3, 2); /* the end of the block */
    put_bits(p, &at, 0, 3); /* an empty stored one, to end on a byte */
    at = (at + 7) / 8 * 8;
    put_bits(p, &at, 0, 16), put_bits(p, &at, 0xffff, 16);
    return at / 8;
}
static bytes in_member(bytes head, bytes f) { /* deflate blocks, then f stored, as one member; frees head */
    bytes z = gz(f.p, f.n, 0, 0), m = bytes_join(bytes_new(0), z.p, 10);
    m = bytes_join(m, head.p, head.n);
    m = bytes_join(m, z.p + 10, z.n - 10);
    free(head.p);
    free(z.p);
    return m;
}
enum {
    EMPTY_MEMBERS, EMPTY_MGZIP, EMPTY_BGZF, BYTE_MEMBERS, BYTE_BGZF, STORED_BLOCKS, DEAR_BLOCKS, LONG_NAME,
    ZERO_TAIL, GARBAGE_TAIL, LONG_CHAIN, ROTTEN_CHAIN, TIMED
};
static bytes timed_file(int kind, size_t n) { /* loads as f, after work for about n units */
    static const unsigned char empty[20] = {0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0, 3};
    static const unsigned char stored[5] = {0, 0, 0, 0xff, 0xff};
    static const unsigned char name[10] = {0x1f, 0x8b, 8, 8};
    spec s = {0};
    bytes f = make_file(s), z, e;
    unsigned char block[32] = {0};
    size_t i, size;
    switch (kind) {
        case EMPTY_MEMBERS: z = repeat(gz(f.p, f.n, 0, 0), empty, 20, n); break;
        case EMPTY_MGZIP: case EMPTY_BGZF:
            e = gz_member(bytes_new(0), f.p, 0, kind == EMPTY_BGZF ? 2 : 1);
            z = gz_member(repeat(bytes_new(0), e.p, e.n, n), f.p, f.n, kind == EMPTY_BGZF ? 2 : 1);
            free(e.p);
            break;
        case BYTE_MEMBERS: case BYTE_BGZF: /* a member a byte, behind the voxels */
            z = gz(f.p, f.n, kind == BYTE_BGZF ? 2 : 0, 100);
            e = gz_member(bytes_new(0), f.p, 1, kind == BYTE_BGZF ? 2 : 0);
            z = repeat(z, e.p, e.n, n);
            free(e.p);
            break;
        case STORED_BLOCKS: z = in_member(repeat(bytes_new(0), stored, 5, n), f); break;
        case DEAR_BLOCKS:
            size = dear_block(block);
            z = in_member(repeat(bytes_new(0), block, size, n), f);
            break;
        case LONG_NAME:
            e = gz(f.p, f.n, 0, 0);
            z = grow(grow(bytes_join(bytes_new(0), name, 10), 20 * n, 'n'), 1, 0);
            z = bytes_join(z, e.p + 10, e.n - 10);
            free(e.p);
            break;
        case ZERO_TAIL: z = grow(gz(f.p, f.n, 0, 0), 20 * n, 0); break;
        case GARBAGE_TAIL: z = grow(gz(f.p, f.n, 1, 100), 20 * n, 'x'); break;
        default: /* a chain of n extensions; of the rotten one the last is malformed */
            e = grow(bytes_new(0), 16 * n, 0);
            for (i = 0; i < n; i++) put(e.p + 16 * i, 'i', 16, 0), put(e.p + 16 * i + 4, 'i', 6, 0);
            if (kind == ROTTEN_CHAIN) put(e.p + 16 * (n - 1), 'i', 17, 0);
            s.ext = e.p, s.ext_bytes = e.n;
            z = make_file(s);
            free(e.p);
            break;
    }
    free(f.p);
    return z;
}
static double timed_load(bytes z) { /* the least of three, where noise could matter */
    double least = 1e30;
    int k;
    for (k = 0; k < 3 && (k == 0 || least < 0.2); k++) {
        spec s = {0};
        mv_volume v = {0};
        size_t at = 0;
        clock_t from = clock();
        CHECK_OK(mv_load_mem(T, &v, z.p, z.n, NULL));
        while (v.nifti && mv_nifti_ext_next(v.nifti, &at, NULL, NULL, NULL)) {}
        least = fmin(least, (double)(clock() - from) / CLOCKS_PER_SEC);
        CHECK(same_voxels(&v, &s));
        mv_volume_free(T, &v);
    }
    return least;
}
/* 100 000 members, blocks, extensions: linear, and memory for what the file holds at most */
#ifdef POSIX
#  define NOISE 0.05
#else
#  define NOISE 0.5 /* clock() counts what other programs take too */
#endif
static void test_linear_time(void) {
    int kind;
    meter_on();
    for (kind = 0; kind < TIMED; kind++) {
        bytes few = timed_file(kind, 12500), many = timed_file(kind, 100000);
        double a, b;
        int indexed = kind == EMPTY_MGZIP || kind == EMPTY_BGZF || kind == BYTE_BGZF;
        peak = 0;
        a = timed_load(few), b = timed_load(many);
        if (!CHECK(b < 24 * a + NOISE)) /* 64 times were quadratic */
            fprintf(stderr, "  kind %d: %g s, then %g s\n", kind, a, b);
        if (!CHECK(peak < 1000000 + (indexed || kind >= LONG_CHAIN ? 3 * many.n : 0)))
            fprintf(stderr, "  kind %d: %zu bytes for a file of %zu\n", kind, peak, many.n);
        free(few.p);
        free(many.p);
    }
    meter_off();
}

/* ---- bounds: limits from both sides, memory, lying hooks ---- */
static void spec_cube(spec *s, int a, int b, int c) {
    memset(s, 0, sizeof *s);
    s->dtype = MEDVOL_U8, s->ndim = 3, s->dim[0] = a, s->dim[1] = b, s->dim[2] = c;
}
static int limit_told(const char *name, const char *value) { /* which one, and how much it allows */
    return strstr(mv_message(T), name) && strstr(mv_message(T), value);
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
        CHECK(is_empty(&v) && (form < 0 ? limit_told("limit is", "47") : limit_told("max_bytes", "= 399")));
        limits->max_bytes = 0;
        if (form >= 0) {
            size_t members = form == 0 ? 1 : form == 2 ? 5 : 4;
            limits->max_members = members;
            CHECK_OK(mv_load_mem(T, &v, z.p, z.n, NULL));
            mv_volume_free(T, &v);
            limits->max_members = members - 1;
            if (members > 1) CHECK_STATUS(mv_load_mem(T, &v, z.p, z.n, NULL), MEDVOL_E_LIMIT);
            if (members > 1) CHECK(limit_told("max_members", form == 2 ? "= 4" : "= 3"));
            limits->max_members = 0;
            z = gz_member(z, zeros, sizeof zeros, form == 3 ? 0 : form);
            o.max_surplus = 5000;
            CHECK_OK(mv_load_mem(T, &v, z.p, z.n, &o));
            mv_volume_free(T, &v);
            o.max_surplus = 4999;
            CHECK_STATUS(mv_load_mem(T, &v, z.p, z.n, &o), MEDVOL_E_LIMIT);
            CHECK(limit_told("max_surplus", "4999"));
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
    spec_cube(&s, 1000, 1000, 1000);
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
    T->desc.io = T_IO;
    meter_off();
    free(f.p);
}
/* The same for a save: whatever the hooks say, an error, the half file closed once and removed. */
enum {
    WRITES_MORE, WRITES_FAR_MORE, WRITES_LEAST, WRITES_NOTHING, CREATES_NEVER, CREATES_JUNK, RESOLVES_NEVER,
    SYNCS_JUNK, RENAMES_JUNK, SAVE_LIES
};
static struct {
    int lie, opened, closed, removed, renamed;
} scribe;
static int scribe_open(void *user, const char *path, int mode, void **file) {
    (void)user, (void)path;
    *file = &scribe;
    if (scribe.lie == CREATES_NEVER) return MEDVOL_E_EXISTS;
    if (scribe.lie == CREATES_JUNK) return -2000000000;
    scribe.opened += mode == MEDVOL_IO_CREATE;
    return 0;
}
static int64_t scribe_write(void *user, void *file, const void *src, size_t n) {
    (void)user, (void)file, (void)src;
    switch (scribe.lie) {
        case WRITES_MORE: return (int64_t)n + 1;
        case WRITES_FAR_MORE: return INT64_MAX;
        case WRITES_LEAST: return -INT64_MAX - 1;
        case WRITES_NOTHING: return 0;
        default: return (int64_t)n;
    }
}
static int scribe_sync(void *user, void *file) {
    (void)user, (void)file;
    return scribe.lie == SYNCS_JUNK ? -77777 : 0;
}
static int scribe_close(void *user, void *file) {
    (void)user, (void)file;
    scribe.closed++;
    return 0;
}
static int scribe_rename(void *user, const char *from, const char *to) {
    (void)user, (void)from, (void)to;
    if (scribe.lie == RENAMES_JUNK) return -77777;
    scribe.renamed++;
    return 0;
}
static int scribe_remove(void *user, const char *path) {
    (void)user, (void)path;
    scribe.removed++;
    return 0;
}
static int scribe_resolve(void *user, const char *path, char *buf, size_t size) {
    (void)user;
    if (scribe.lie == RESOLVES_NEVER || strlen(path) + 1 > size) return MEDVOL_E_SPACE;
    memcpy(buf, path, strlen(path) + 1);
    return 0;
}
static void test_lying_saves(void) {
    static const char *const names[] = {"x.nii", "x.nii.gz", "x.hdr"};
    size_t dim[3] = {30, 20, 10};
    mv_volume v = {0};
    mv_io io;
    int lie, form;
    memset(&io, 0, sizeof io);
    io.open = scribe_open, io.write = scribe_write, io.sync = scribe_sync, io.close = scribe_close;
    io.rename = scribe_rename, io.remove = scribe_remove, io.resolve = scribe_resolve;
    CHECK_OK(mv_volume_alloc(T, &v, MEDVOL_I16, 3, dim));
    memset(v.data, 1, 12000);
    T->desc.io = &io;
    for (form = 0; form < 3; form++)
        for (lie = 0; lie <= SAVE_LIES; lie++) { /* the last one tells the truth */
            int made = 1 + (form == 2);
            mv_status st;
            memset(&scribe, 0, sizeof scribe);
            scribe.lie = lie;
            st = mv_save(T, &v, names[form], NULL);
            if (lie == SAVE_LIES) {
                CHECK(st == MEDVOL_OK && scribe.renamed == made && scribe.closed == made);
                CHECK(scribe.removed == 0);
                continue;
            }
            CHECK(st < 0 && st > -1000 && strstr(mv_message(T), names[form]) == mv_message(T));
            CHECK(scribe.closed == scribe.opened && scribe.removed == scribe.opened && scribe.renamed == 0);
        }
    T->desc.io = T_IO;
    mv_volume_free(T, &v);
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
/* 8 GB: too large for 32 bits, whatever the file holds */
static void test_platform(void) {
    spec s;
    bytes h;
    mv_volume v = {0};
    int wide = sizeof(size_t) > 4;
    spec_cube(&s, 2000, 2000, 2000);
    h = make_header(s);
    CHECK_STATUS(mv_load_mem(T, &v, h.p, h.n, NULL), wide ? MEDVOL_E_TRUNCATED : MEDVOL_E_SIZE);
    CHECK(strstr(mv_message(T), wide ? "0 of 8000000000 bytes" : "too large for this platform"));
    CHECK_STATUS(mv_load_header_mem(T, &v, h.p, h.n, NULL), wide ? MEDVOL_OK : MEDVOL_E_SIZE);
    CHECK(v.dim[2] == (wide ? 2000 : 0) && !v.data);
    mv_volume_free(T, &v);
    free(h.p);
}
/* the parts of a pair: missing, short, a folder, of another kind, with the voxels further on */
static void test_pair_parts(void) {
    static const struct {
        int img; /* bytes cut off; or -1 none there, -2 a folder, -3 a whole .nii, -4 behind 16 bytes */
        const char *name;
        mv_status want;
        const char *says;
    } parts[] = {{0, "hdr", MEDVOL_OK, ""}, {0, "img", MEDVOL_OK, ""},
        {-1, "hdr", MEDVOL_E_NOTFOUND, "the other part of the pair, "},
        {1, "hdr", MEDVOL_E_TRUNCATED, ".img: voxels: 47 of 48 bytes"},
        {48, "img", MEDVOL_E_TRUNCATED, ".img: voxels: 0 of 48 bytes"},
        {-2, "hdr", MEDVOL_E_UNSUPPORTED, "not a regular file"}, {-4, "hdr", MEDVOL_OK, ""},
        {-3, "img", MEDVOL_OK, ""}};
    size_t i;
    for (i = 0; i < sizeof parts / sizeof *parts; i++) {
        spec s = {0};
        bytes h, x, whole = make_file(s);
        mv_volume v = {0};
        char name[64];
        mv_status st;
        s.pair = 1;
        h = make_header(s), x = make_voxels(s);
        if (parts[i].img == -4) {
            bytes y = grow(bytes_new(0), 16, 7);
            put(h.p + 108, 'f', 16, 0);
            y = bytes_join(y, x.p, x.n);
            free(x.p);
            x = y;
        }
        snprintf(name, sizeof name, "part%d.img", (int)i);
        remove(t_path(name));
        if (parts[i].img >= 0) file_put(t_path(name), x.p, x.n - (size_t)parts[i].img);
        if (parts[i].img == -3) file_put(t_path(name), whole.p, whole.n);
        if (parts[i].img == -4) file_put(t_path(name), x.p, x.n);
#ifdef POSIX
        if (parts[i].img == -2 && mkdir(t_path(name), 0777) != 0) CHECK(0);
#else
        if (parts[i].img == -2) { /* stdio makes no folders */
            free(h.p), free(x.p), free(whole.p);
            continue;
        }
#endif
        snprintf(name, sizeof name, "part%d.hdr", (int)i);
        file_put(t_path(name), h.p, h.n);
        memcpy(strchr(name, '.') + 1, parts[i].name, 3);
        st = mv_load(T, &v, t_path(name), NULL);
        CHECK_STATUS(st, parts[i].want);
        if (st < 0) CHECK(is_empty(&v) && strstr(mv_message(T), parts[i].says));
        else CHECK(same_voxels(&v, &s));
        mv_volume_free(T, &v);
        memcpy(strchr(name, '.') + 1, "hdr", 3);
        remove(t_path(name));
        memcpy(strchr(name, '.') + 1, "img", 3);
        remove(t_path(name));
        free(h.p), free(x.p), free(whole.p);
    }
}
/* Nothing in the library ends the program, jumps out of it, or depends on locale or stack size. */
static void test_no_traps(void) {
    static const char *const traps[] = {"assert", "abort", "exit", "longjmp", "setjmp", "alloca", "strtod",
        "strtol", "atoi", "atof", "setlocale", "sprintf", "strcpy", "strcat", "gets", "rand"};
    bytes f = file_get(t_source("medvol.h"));
    size_t i;
    CHECK(f.n > 100000);
    for (i = 0; i < sizeof traps / sizeof *traps; i++) {
        size_t n = strlen(traps[i]);
        const char *at = (const char *)f.p;
        for (; (at = strstr(at, traps[i])) != NULL; at += n) {
            int inside = at[-1] == '_' || (at[-1] >= 'a' && at[-1] <= 'z');
            if (!CHECK(inside || at[n] != '(')) fprintf(stderr, "  %.40s\n", at);
        }
    }
    free(f.p);
}
#ifdef POSIX
/* A map takes no memory: of more than the machine has, and parts beyond 4 GiB. */
static int map_far(const char *path, uint64_t n) {
    mv_load_opt o = {0};
    mv_volume v = {0};
    int ok;
    if (sizeof(size_t) == 4)
        return CHECK_STATUS(mv_map(T, &v, path, NULL), MEDVOL_E_SIZE) &&
            CHECK(strstr(mv_message(T), "too large for this platform"));
    o.crop = 1, o.start[0] = (int64_t)3 << 30, o.size[0] = (int64_t)n - ((int64_t)3 << 30);
    ok = CHECK_OK(mv_map(T, &v, path, &o)) && CHECK(v.dim[0] == (size_t)o.size[0]) &&
        CHECK(((char *)v.data)[0] == 0 && ((char *)v.data)[v.dim[0] - 1] == '!');
    mv_volume_free(T, &v);
    o.start[0] = (int64_t)n - 3, o.size[0] = 3; /* and loaded */
    ok = ok && CHECK_OK(mv_load(T, &v, path, &o)) && CHECK(((char *)v.data)[2] == '!');
    mv_volume_free(T, &v);
    return ok;
}
static void test_map_far(void) {
    const uint64_t n = (uint64_t)200 << 30;
    const char *path = t_path("far.nii");
    spec s;
    bytes h;
    int fd, made, status = 1;
    pid_t child;
    spec_cube(&s, 1, 1, 1);
    s.version = 2;
    h = make_header(s);
    put(h.p + 24, 'l', (double)n, 0);
    file_put(path, h.p, h.n);
    fd = open(path, O_WRONLY);
    made = fd >= 0 && ftruncate(fd, (off_t)(544 + n)) == 0 && pwrite(fd, "!", 1, (off_t)(544 + n - 1)) == 1;
    if (fd >= 0) close(fd);
    if (!made) fprintf(stderr, "catalogue/map_far: no files of 200 GiB with holes here\n");
    else { /* in a process of its own: emulators keep a note for each page for good */
        child = fork();
        if (child == 0) _exit(!map_far(path, n));
        CHECK(child > 0 && waitpid(child, &status, 0) == child && status == 0);
    }
    remove(path);
    free(h.p);
}
#endif

/* ---- tests/catalogue.txt ---- */
/* Headings, and below each one line an input: "  input | answer | file/case". Every case must exist; for the
   tables of this file the answer is compared (32 bits refuse what is too large sooner), and every row of
   theirs must be there exactly once. */
#define X(name) extern const t_case tests_##name[];
#include "tables.h"
#undef X
static int case_exists(const char *want) {
    static const struct {
        const char *name;
        const t_case *cases;
    } tables[] = {
#define X(name) {#name, tests_##name},
#include "tables.h"
#undef X
    };
    size_t i;
    for (i = 0; i < sizeof tables / sizeof *tables; i++) {
        size_t n = strlen(tables[i].name), k;
        const t_case *c = tables[i].cases;
        if (strncmp(want, tables[i].name, n) != 0 || want[n] != '/') continue;
        for (; c->name; c++) { /* without the letters and numbers behind a name */
            k = strcspn(c->name, " ");
            if (strlen(want + n + 1) == k && !strncmp(want + n + 1, c->name, k)) return 1;
        }
    }
    return 0;
}
static int target_exists(const char *want) { /* "make NAME" */
    char line[512];
    size_t n = strlen(want);
    int found = 0;
    FILE *f = fopen(t_source("Makefile"), "r");
    if (!f) return 0;
    while (fgets(line, sizeof line, f))
        found = found || (n > 5 && !strncmp(want, "make ", 5) && !strncmp(line, want + 5, n - 5) &&
            line[n - 5] == ':');
    fclose(f);
    return found;
}
static const char *answer_name(mv_status st, unsigned warnings) {
    static const struct {
        unsigned bit;
        const char *name;
    } bits[] = {{MEDVOL_W_PIXDIM, "W_PIXDIM"}, {MEDVOL_W_QUATERNION, "W_QUATERNION"},
        {MEDVOL_W_AFFINE, "W_AFFINE"}, {MEDVOL_W_BITPIX, "W_BITPIX"}, {MEDVOL_W_TRAILING, "W_TRAILING"}};
    size_t i;
    for (i = 0; i < sizeof bits / sizeof *bits; i++)
        if (warnings == bits[i].bit) return bits[i].name;
#define X(name, value, text) if (st == value) return #name;
    MEDVOL_STATUS_LIST(X)
#undef X
    return "?";
}
enum { ROWS = (int)(sizeof rows / sizeof *rows), GZ_ROWS = (int)(sizeof gz_rows / sizeof *gz_rows) };
enum { ODD_ROWS = (int)(sizeof odd_rows / sizeof *odd_rows) };
static const char *row_name(int i, const char **answer, const char **where) {
    if (i < ROWS) {
        *answer = answer_name(rows[i].want, rows[i].warnings), *where = "catalogue/headers";
        return rows[i].name;
    }
    i -= ROWS;
    if (i < GZ_ROWS) {
        *answer = answer_name(gz_rows[i].want, gz_rows[i].warnings), *where = "catalogue/gzip_rows";
        return gz_rows[i].name;
    }
    i -= GZ_ROWS;
    *answer = answer_name(MEDVOL_OK, odd_rows[i].warnings), *where = "catalogue/must_load";
    return odd_rows[i].name;
}
static char *trim(char *p) {
    char *end = p + strlen(p);
    while (*p == ' ') p++;
    while (end > p && (end[-1] == ' ' || end[-1] == '\n' || end[-1] == '\r')) *--end = 0;
    return p;
}
static void test_table(void) {
    static int seen[ROWS + GZ_ROWS + ODD_ROWS];
    char line[512], heading[512] = "";
    int inputs = 1, i;
    FILE *f = fopen(t_source("tests/catalogue.txt"), "r");
    memset(seen, 0, sizeof seen);
    if (!CHECK(f)) return;
    while (fgets(line, sizeof line, f)) {
        char *input = line, *answer, *where, *p;
        const char *want, *there;
        if (line[0] == '#' || !*trim(line)) continue;
        if (line[0] != ' ') {
            if (!CHECK(inputs > 0)) fprintf(stderr, "  nothing below \"%s\"\n", heading);
            snprintf(heading, sizeof heading, "%s", line);
            inputs = 0;
            continue;
        }
        inputs++;
        answer = strchr(line, '|');
        if (!answer) { /* not a test: a reason */
            if (!CHECK(!strncmp(trim(line), "not applicable: ", 16))) fprintf(stderr, "  \"%s\"\n", line);
            continue;
        }
        *answer++ = 0;
        where = strchr(answer, '|');
        if (!CHECK(where)) break;
        *where++ = 0;
        input = trim(input), answer = trim(answer), where = trim(where);
        for (i = 0; i < ROWS + GZ_ROWS + ODD_ROWS; i++)
            if (!strcmp(row_name(i, &want, &there), input) && ++seen[i] &&
                !CHECK((!strcmp(want, answer) || sizeof(size_t) == 4) && !strcmp(where, there)))
                fprintf(stderr, "  \"%s\": %s in %s\n", input, want, there);
        while (where) { /* several cases, by commas */
            if ((p = strchr(where, ',')) != NULL) *p++ = 0;
            where = trim(where);
            if (!CHECK(case_exists(where) || target_exists(where)))
                fprintf(stderr, "  \"%s\": there is no %s\n", input, where);
            where = p;
        }
    }
    CHECK(inputs > 0);
    fclose(f);
    for (i = 0; i < ROWS + GZ_ROWS + ODD_ROWS; i++) {
        const char *want, *there, *name = row_name(i, &want, &there);
        if (!CHECK(seen[i] == 1))
            fprintf(stderr, "  %s | %s | %s: is there %d times\n", name, want, there, seen[i]);
    }
}

const t_case tests_catalogue[] = {
    {"headers B26", test_headers, T_ONCE},
    {"gzip_rows B26", test_gzip_rows, T_ONCE},
    {"kept", test_kept, T_ONCE},
    {"must_load", test_must_load, T_ONCE},
    {"must_load_extensions", test_must_load_extensions, T_ONCE},
    {"linear_time", test_linear_time, T_ONCE},
    {"limits B25", test_limits, T_ONCE},
    {"partial_bound B25", test_partial_bound, T_ONCE},
    {"large_member B25", test_large_member, T_ONCE},
    {"lying_hooks", test_lying_hooks, T_ONCE},
    {"lying_saves", test_lying_saves, T_ONCE},
    {"platform", test_platform, T_ONCE},
    {"pair_parts", test_pair_parts, T_ONCE},
    {"no_traps", test_no_traps, T_ONCE},
    {"long_names", test_long_names, T_ONCE},
    {"map_far", T_POSIX(test_map_far), T_ONCE},
    {"table", test_table, T_ONCE},
    {NULL, NULL, 0},
};
