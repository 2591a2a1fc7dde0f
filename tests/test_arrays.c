/* test_arrays.c - BART's .cfl and NumPy's .npy: every type, order and name; what is written, byte by byte;
   texts that lie, end early or are none. What is read was put together here. */
#include "nifti.h"

static int message_has(const char *text) {
    int found = strstr(mv_message(T), text) != NULL;
    if (!found) fprintf(stderr, "  the message is \"%s\", not \"%s\"\n", mv_message(T), text);
    return found;
}
static bytes text_of(const char *text) { return bytes_join(bytes_new(0), text, strlen(text)); }
static int is_identity(const mv_volume *v) {
    int i;
    for (i = 0; i < 12; i++)
        if (v->affine[i] != (i % 5 == 0)) return 0;
    return v->slope == 1.0 && v->inter == 0.0 && v->step[0] == 1.0 && !v->nifti;
}

/* ---- BART ---- */
static float part(size_t k) { return (float)(k * 37 % 101) - 50.25f; } /* number k: real, imaginary, ... */
static bytes cfl_data(size_t voxels) {
    bytes b = bytes_new(8 * voxels);
    size_t k;
    for (k = 0; k < 2 * voxels; k++) put(b.p + 4 * k, 'f', part(k), 0);
    return b;
}
static int holds_parts(const mv_volume *v, size_t first) {
    size_t k, n = 2 * mv_volume_count(v);
    for (k = 0; k < n; k++)
        if (v->dtype == MEDVOL_C128 ? ((double *)v->data)[k] != part(2 * first + k)
                                    : ((float *)v->data)[k] != part(2 * first + k))
            return 0;
    return 1;
}
static mv_status load_cfl(mv_volume *v, const char *head, size_t voxels) {
    bytes x = cfl_data(voxels);
    mv_load_opt o = {0};
    mv_status st;
    o.img = x.p, o.img_bytes = x.n;
    st = mv_load_mem(T, v, head, strlen(head), &o);
    free(x.p);
    return st;
}
static const char usual[] = "# Dimensions\n3 2 1 4 1 1 1 1 1 1 1 1 1 1 1 1 \n# Command\nfft -u 3 a b \n"
                            "# Files\n >b <a\n# Creator\nBART v0.8.00\n";
static void test_cfl_read(void) {
    static const char *const names[] = {"arr", "arr.cfl", "arr.hdr"};
    bytes x = cfl_data(24);
    mv_load_opt o = {0}, box = {0};
    mv_volume v = {0}, w = {0};
    char path[600];
    size_t i;
    o.img = x.p, o.img_bytes = x.n;
    CHECK_OK(mv_load_mem(T, &v, usual, sizeof usual - 1, &o));
    CHECK(v.dtype == MEDVOL_C64 && v.ndim == 4 && v.dim[0] == 3 && v.dim[1] == 2 && v.dim[2] == 1 &&
        v.dim[3] == 4 && is_identity(&v) && holds_parts(&v, 0));
    o.dtype = MEDVOL_C128;
    CHECK_OK(mv_load_mem(T, &w, usual, sizeof usual - 1, &o));
    CHECK(w.dtype == MEDVOL_C128 && holds_parts(&w, 0));
    mv_volume_free(T, &w);
    o.dtype = MEDVOL_F32;
    CHECK_STATUS(mv_load_mem(T, &w, usual, sizeof usual - 1, &o), MEDVOL_E_DTYPE);
    strcpy(path, t_path("arr.hdr"));
    file_put(path, usual, sizeof usual - 1);
    file_put(t_path("arr.cfl"), x.p, x.n);
    for (i = 0; i < 3; i++) {
        strcpy(path, t_path(names[i]));
        CHECK_OK(mv_load(T, &v, path, NULL)); /* into what is there */
        CHECK(holds_parts(&v, 0));
        memset(v.data, 0, 8);
        CHECK_OK(mv_load_header(T, &w, path, NULL));
        CHECK(!w.data && !w.nifti && w.ndim == 4 && w.dim[3] == 4 && w.dtype == MEDVOL_C64);
        box.volume = 2, box.volumes = 1;
        CHECK_OK(mv_load(T, &w, path, &box));
        CHECK(w.ndim == 3 && w.dim[1] == 2 && holds_parts(&w, 12));
        mv_volume_free(T, &w);
        if (!T_FILES->map) continue;
        if (T_BIG_ENDIAN) CHECK_STATUS(mv_map(T, &w, path, NULL), MEDVOL_E_UNSUPPORTED);
        else if (CHECK_OK(mv_map(T, &w, path, NULL)))
            CHECK(w.map_bytes == x.n && holds_parts(&w, 0) && is_identity(&w));
        mv_volume_free(T, &w);
    }
    mv_volume_free(T, &v);
    remove(t_path("arr.hdr"));
    CHECK_STATUS(mv_load(T, &v, t_path("arr"), NULL), MEDVOL_E_NOTFOUND);
    CHECK(message_has("arr.hdr, does not exist"));
    remove(t_path("arr.cfl"));
    CHECK_STATUS(mv_load(T, &v, t_path("arr"), NULL), MEDVOL_E_NOTFOUND);
    CHECK(message_has("arr: opening"));
    free(x.p);
}
static void test_cfl_text(void) {
    static const struct {
        const char *text;
        size_t voxels;
        mv_status want;
        int ndim;
        size_t last; /* of the axes */
        const char *says;
    } t[] = {
        {"# Dimensions\n5", 5, MEDVOL_OK, 1, 5, NULL},
        {"# Dimensions\r\n5 2\r\n", 10, MEDVOL_OK, 2, 2, NULL},
        {"#\tDimensions \n\t5  2 1 1\n\n", 10, MEDVOL_OK, 2, 2, NULL},
        {"# Creator\nBART\n# Dimensions\n1 1 1 1\n", 1, MEDVOL_OK, 1, 1, NULL},
        {"# Command\nx\n#Dimensions\n1 1 1 7 1\n", 7, MEDVOL_OK, 4, 7, NULL},
        {"# Dimensions\n1 1 1 1 1 1 3 1 1 1 1 1 1 1 1 1 \n", 3, MEDVOL_OK, 7, 3, NULL},
        /* the last of dims 3..15 that are one go first: 2 3 1 1 2 1 1 1 3 1 2 becomes 2 3 1 1 2 3 2 */
        {"# Dimensions\n2 3 1 1 2 1 1 1 3 1 2 1 1 1 1 1 \n", 72, MEDVOL_OK, 7, 2, NULL},
        {"# Dimensions\n1 1 1 2 1 2 1 2 1 2 1 1 1 1 1 2 \n", 32, MEDVOL_E_UNSUPPORTED, 0, 0, "8 axes"},
        {"# Dimensions\n2 2 2 2 2 2 2 2 1 1 1 1 1 1 1 1 \n", 256, MEDVOL_E_UNSUPPORTED, 0, 0, "8 axes"},
        {"# Dimensions\n\n", 1, MEDVOL_E_FORMAT, 0, 0, "no sizes"},
        {"# Dimensions\n", 1, MEDVOL_E_FORMAT, 0, 0, "no header of BART"},
        {"# Dimension\n1 2 3\n", 1, MEDVOL_E_FORMAT, 0, 0, "no header of BART"},
        {"#", 1, MEDVOL_E_FORMAT, 0, 0, "no header of BART"},
        {"# Dimensions\n1 2 x\n", 1, MEDVOL_E_FORMAT, 0, 0, "whole number"},
        {"# Dimensions\n1 2x 1\n", 1, MEDVOL_E_FORMAT, 0, 0, "whole number"},
        {"# Dimensions\n1 -2 1\n", 1, MEDVOL_E_FORMAT, 0, 0, "whole number"},
        {"# Dimensions\n1 2.5\n", 1, MEDVOL_E_FORMAT, 0, 0, "whole number"},
        {"# Dimensions\n1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1\n", 1, MEDVOL_E_FORMAT, 0, 0, "16 sizes"},
        {"# Dimensions\n1 0 1\n", 1, MEDVOL_E_SIZE, 0, 0, "0 elements"},
        {"# Dimensions\n4294967296 4294967296 1\n", 1, MEDVOL_E_SIZE, 0, 0, "more bytes"},
        {"# Dimensions\n99999999999999999999999999 1\n", 1, MEDVOL_E_SIZE, 0, 0, "more bytes"},
        {"# Dimensions\n18446744073709551615 1\n", 1, MEDVOL_E_SIZE, 0, 0, "more bytes"},
        {"# Dimensions\n3 2\n", 5, MEDVOL_E_TRUNCATED, 0, 0, "40 of 48 bytes"},
        {"# Dimensions\n3 2\n", 7, MEDVOL_E_FORMAT, 0, 0, "not the .cfl of this .hdr"},
        {"# Dimensions\n300000 200000\n", 7, MEDVOL_E_TRUNCATED, 0, 0, "56 of 480000000000 bytes"},
    };
    size_t i, asked;
    for (i = 0; i < sizeof t / sizeof *t; i++) {
        mv_volume v = {0};
        if (sizeof(size_t) == 4 && t[i].says && !strncmp(t[i].says, "56", 2)) continue;
        asked = t_allocations();
        if (!CHECK_STATUS(load_cfl(&v, t[i].text, t[i].voxels), t[i].want))
            fprintf(stderr, "  text %zu: %s\n", i, mv_message(T));
        if (t[i].says) CHECK(message_has(t[i].says) && t_allocations() == asked && !v.data);
        else CHECK(v.ndim == t[i].ndim && v.dim[v.ndim - 1] == t[i].last && holds_parts(&v, 0));
        mv_volume_free(T, &v);
    }
    { /* the line behind byte 4096, and beyond it; no voxels given */
        bytes b = bytes_new(4200);
        mv_volume v = {0};
        mv_load_opt o = {0};
        o.img = "x", o.img_bytes = 1;
        memset(b.p, ' ', b.n);
        memcpy(b.p, "# Command\n", 10);
        memcpy(b.p + 4080, "\n# Dimensions\n8 8 1 1\n", 22);
        CHECK_STATUS(mv_load_mem(T, &v, b.p, b.n, &o), MEDVOL_E_FORMAT);
        CHECK(message_has("beyond byte 4096"));
        memcpy(b.p + 4080, "      \n# Dimensions\n8 8 1 1\n", 28);
        CHECK_STATUS(mv_load_mem(T, &v, b.p, b.n, &o), MEDVOL_E_FORMAT);
        CHECK(message_has("no sizes behind"));
        free(b.p);
        CHECK_STATUS(mv_load_mem(T, &v, usual, sizeof usual - 1, NULL), MEDVOL_E_NULL);
        CHECK_OK(mv_load_header_mem(T, &v, usual, sizeof usual - 1, NULL));
        CHECK(v.ndim == 4 && !v.data);
        mv_volume_free(T, &v);
    }
}
static void test_cfl_among_pairs(void) { /* .hdr is a name of two formats */
    spec s = {0};
    bytes x = cfl_data(24), h, z, f;
    mv_volume v = {0};
    s.pair = 1;
    h = make_header(s);
    file_put(t_path("two.hdr"), usual, sizeof usual - 1);
    file_put(t_path("two.img"), x.p, x.n);
    CHECK_STATUS(mv_load(T, &v, t_path("two.img"), NULL), MEDVOL_E_FORMAT);
    CHECK(message_has("voxels are in a .cfl"));
    CHECK_STATUS(mv_load(T, &v, t_path("two.hdr"), NULL), MEDVOL_E_NOTFOUND);
    CHECK(message_has("two.cfl, does not exist"));
    file_put(t_path("two.cfl"), x.p, x.n);
    CHECK_OK(mv_load(T, &v, t_path("two.hdr"), NULL));
    mv_volume_free(T, &v);
    file_put(t_path("two.hdr"), h.p, h.n);
    CHECK_STATUS(mv_load(T, &v, t_path("two.cfl"), NULL), MEDVOL_E_FORMAT);
    CHECK(message_has("voxels are in a .img"));
    CHECK_OK(mv_load(T, &v, t_path("two.hdr"), NULL)); /* 4 x 3 x 2 of NIfTI, with bytes behind */
    CHECK(v.nifti && v.dim[0] == 4);
    mv_volume_free(T, &v);
    remove(t_path("two.img"));
    remove(t_path("two.cfl"));
    /* gzip, and voxels that only look like it */
    z = gz((const unsigned char *)usual, sizeof usual - 1, 0, 0);
    file_put(t_path("two.hdr.gz"), z.p, z.n);
    remove(t_path("two.hdr"));
    memcpy(x.p, "\x1f\x8b\x08", 3);
    file_put(t_path("two.cfl"), x.p, x.n);
    CHECK_OK(mv_load(T, &v, t_path("two.cfl"), NULL));
    if (v.data) CHECK(!memcmp((float *)v.data + 1, &(float){part(1)}, 4));
    mv_volume_free(T, &v);
    free(z.p);
    z = gz(x.p, x.n, 1, 50);
    file_put(t_path("two.cfl.gz"), z.p, z.n);
    remove(t_path("two.cfl"));
    CHECK_OK(mv_load(T, &v, t_path("two.hdr.gz"), NULL));
    if (v.data) CHECK(!memcmp((float *)v.data + 1, &(float){part(1)}, 4));
    mv_volume_free(T, &v);
    remove(t_path("two.hdr.gz"));
    remove(t_path("two.cfl.gz"));
    /* what a file is, its bytes say: a NIfTI file of that name */
    s.pair = 0;
    f = make_file(s);
    file_put(t_path("two.cfl"), f.p, f.n);
    CHECK_OK(mv_load(T, &v, t_path("two"), NULL));
    CHECK(v.nifti && v.dim[0] == 4);
    mv_volume_free(T, &v);
    remove(t_path("two.cfl"));
    free(x.p), free(h.p), free(z.p), free(f.p);
}
static int file_is(const char *path, const void *p, size_t n) {
    bytes b = file_get(path);
    int same = b.n == n && !memcmp(b.p, p, n);
    free(b.p);
    return same;
}
static void test_cfl_save(void) {
    static const char head[] = "# Dimensions\n3 2 1 4 1 1 1 1 1 1 1 1 1 1 1 1 \n";
    static const mv_dtype from[] = {MEDVOL_C64, MEDVOL_C128, MEDVOL_F32, MEDVOL_I16, MEDVOL_U64};
    static const char *const names[] = {"sav.cfl", "sav.hdr", "sav", "sav.img"};
    size_t dim[4] = {3, 2, 1, 4}, i, k, start[4] = {1, 0, 0, 1}, size[4] = {2, 2, 1, 2};
    mv_save_opt o = {0};
    mv_buffer file = {0}, img = {0};
    mv_volume v = {0}, w = {0};
    bytes want = bytes_new(8 * 24);
    for (i = 0; i < sizeof from / sizeof *from; i++) {
        CHECK_OK(mv_volume_alloc(T, &v, from[i], 4, dim));
        memset(want.p, 0, want.n);
        for (k = 0; k < 48; k++) {
            if (i < 2) put(want.p + 4 * k, 'f', part(k), 0);
            else if (k % 2 == 0) put(want.p + 4 * k, 'f', i == 3 ? (double)k * 0.25 - 3 : (double)k / 2, 0);
            if (i == 0) ((float *)v.data)[k] = part(k);
            if (i == 1) ((double *)v.data)[k] = part(k) + 1e-9; /* rounds to the float */
            if (k < 24 && i == 2) ((float *)v.data)[k] = (float)k;
            if (k < 24 && i == 3) ((int16_t *)v.data)[k] = (int16_t)k;
            if (k < 24 && i == 4) ((uint64_t *)v.data)[k] = k;
        }
        if (i == 3) v.slope = 0.5, v.inter = -3;
        o.form = MEDVOL_FORM_CFL;
        CHECK_OK(mv_save_mem(T, &file, &img, &v, &o));
        CHECK(file.bytes == sizeof head - 1 && !memcmp(file.data, head, file.bytes));
        CHECK(img.bytes == want.n && !memcmp(img.data, want.p, want.n));
        mv_buffer_free(T, &file), mv_buffer_free(T, &img);
        for (k = 0; k < 4; k++) {
            const char *h = k == 3 ? "sav.img.hdr" : "sav.hdr", *c = k == 3 ? "sav.img.cfl" : "sav.cfl";
            o.form = k == 0 ? MEDVOL_FORM_AUTO : MEDVOL_FORM_CFL;
            CHECK_OK(mv_save(T, &v, t_path(names[k]), &o));
            CHECK(file_is(t_path(h), head, sizeof head - 1) && file_is(t_path(c), want.p, want.n));
            CHECK_OK(mv_load(T, &w, t_path(c), NULL));
            CHECK(w.dtype == MEDVOL_C64 && w.ndim == 4 && w.dim[3] == 4);
            mv_volume_free(T, &w);
            remove(t_path(h)), remove(t_path(c));
        }
        if (i == 0 && CHECK_OK(mv_volume_view(T, &w, &v, start, size))) { /* strides */
            o.form = MEDVOL_FORM_CFL;
            CHECK_OK(mv_save_mem(T, &file, &img, &w, &o));
            for (k = 0; k < 8; k++)
                CHECK(!memcmp((char *)img.data + 8 * k,
                    want.p + 8 * (1 + k % 2 + 3 * (k / 2 % 2) + 6 * (1 + k / 4)), 8));
            mv_buffer_free(T, &file), mv_buffer_free(T, &img);
            mv_volume_free(T, &w);
        }
        mv_volume_free(T, &v);
    }
    free(want.p);
}
static void test_save_refused(void) { /* what the forms do not know */
    size_t dim[2] = {3, 2};
    mv_buffer file = {0}, img = {0};
    mv_volume v = {0}, rgb = {0}, wide = {0};
    int form;
    CHECK_OK(mv_volume_alloc(T, &v, MEDVOL_F32, 2, dim));
    CHECK_OK(mv_volume_alloc(T, &rgb, MEDVOL_RGB24, 2, dim));
    CHECK_OK(mv_volume_alloc(T, &wide, MEDVOL_F128, 2, dim));
    memset(v.data, 0, 24), memset(rgb.data, 0, 18), memset(wide.data, 0, 96);
    wide.slope = 2;
#define REFUSED(src, want, ...)                                                                              \
    do {                                                                                                     \
        mv_save_opt o = {.form = form, __VA_ARGS__};                                                         \
        CHECK_STATUS(mv_save_mem(T, &file, &img, &src, &o), want);                                           \
        CHECK(!file.data && !img.data);                                                                      \
    } while (0)
    for (form = MEDVOL_FORM_CFL; form <= MEDVOL_FORM_NPY; form++) {
        REFUSED(v, MEDVOL_E_RANGE, .version = 1);
        REFUSED(v, MEDVOL_E_RANGE, .slope = 2);
        REFUSED(v, MEDVOL_E_RANGE, .inter = 2);
        REFUSED(v, MEDVOL_E_DTYPE, .dtype = MEDVOL_BF16);
        REFUSED(v, MEDVOL_E_DTYPE, .dtype = MEDVOL_C128);
        REFUSED(v, MEDVOL_E_DTYPE, .dtype = MEDVOL_RGB24);
        REFUSED(rgb, MEDVOL_E_DTYPE, .no_sync = 0);
        REFUSED(wide, MEDVOL_E_DTYPE, .no_sync = 0);
    }
    form = MEDVOL_FORM_CFL;
    REFUSED(v, MEDVOL_E_RANGE, .gzip = 1);
    REFUSED(v, MEDVOL_E_RANGE, .big_endian = 1);
    REFUSED(v, MEDVOL_E_DTYPE, .dtype = MEDVOL_F32);
    CHECK(message_has("storing f32 as f32 in a .cfl"));
    CHECK_STATUS(mv_save_mem(T, &file, NULL, &v, &(mv_save_opt){.form = MEDVOL_FORM_CFL}), MEDVOL_E_NULL);
    form = MEDVOL_FORM_NPY;
    REFUSED(v, MEDVOL_E_RANGE, .pair = 1);
    for (form = -1; form <= 4; form += 5) REFUSED(v, MEDVOL_E_RANGE, .no_sync = 0);
#undef REFUSED
    CHECK_STATUS(mv_save(T, &v, t_path("no.cfl.gz"), NULL), MEDVOL_E_RANGE);
    CHECK(message_has("no.cfl.gz: gzip"));
    mv_volume_free(T, &v), mv_volume_free(T, &rgb), mv_volume_free(T, &wide);
}

/* ---- NumPy ---- */
static const char *const codes[TYPES] = {"u1", "i2", "i4", "f4", "c8", "f8", NULL, "i1", "u2", "u4", "i8",
    "u8", "f16", "c16", "c32", NULL, "f2", NULL}; /* as types[] */
static bytes npy_head(int version, const char *dict) { /* padded as NumPy once did, without room to grow */
    size_t lead = version > 1 ? 12 : 10, n = strlen(dict), total = (lead + n + 1 + 63) / 64 * 64;
    bytes b = bytes_new(total);
    memset(b.p, ' ', total);
    memcpy(b.p, "\x93NUMPY", 6);
    b.p[6] = (unsigned char)version, b.p[7] = 0;
    put(b.p + 8, version > 1 ? 'i' : 'h', (double)(total - lead), 0);
    memcpy(b.p + lead, dict, n);
    b.p[total - 1] = '\n';
    return b;
}
static bytes npy_file(const spec *s, int version, int fortran) {
    char dict[200], shape[100] = "", order = s->big ? '>' : '<';
    bytes h, x = make_voxels(*s);
    int d;
    if (types[type_index(s->dtype)].size == 1) order = '|';
    for (d = 0; d < s->ndim; d++)
        snprintf(shape + strlen(shape), sizeof shape - strlen(shape),
            s->ndim == 1 ? "%d," : d ? ", %d" : "%d", s->dim[fortran ? d : s->ndim - 1 - d]);
    snprintf(dict, sizeof dict, "{'descr': '%c%s', 'fortran_order': %s, 'shape': (%s), }", order,
        codes[type_index(s->dtype)], fortran ? "True" : "False", shape);
    h = bytes_join(npy_head(version, dict), x.p, x.n);
    free(x.p);
    return h;
}
static void test_npy_read(void) { /* type x byte order x order of axes x version x gzip */
    int t, big, fortran, version, zipped;
    for (t = 0; t < TYPES; t++)
        for (big = 0; big < 2 && codes[t]; big++)
            for (fortran = 0; fortran < 2; fortran++)
                for (version = 1; version <= 3; version++)
                    for (zipped = 0; zipped < 3; zipped++) {
                        spec s = {0};
                        bytes f, z;
                        mv_volume v = {0}, w = {0};
                        mv_load_opt o = {0};
                        const size_t e = (size_t)types[t].size;
                        s.dtype = types[t].t, s.big = big, s.ndim = 3;
                        s.dim[0] = 17, s.dim[1] = 3, s.dim[2] = 5;
                        f = npy_file(&s, version, fortran);
                        z = zipped ? gz(f.p, f.n, zipped - 1, 100) : copy(f);
                        CHECK_OK(mv_load_mem(T, &v, z.p, z.n, NULL));
                        CHECK(v.dtype == types[t].t && v.ndim == 3 && v.dim[0] == 17 && v.dim[2] == 5);
                        CHECK(is_identity(&v) && same_voxels(&v, &s) && mv_warnings(T) == 0);
                        o.crop = 3, o.start[1] = 1, o.size[0] = 17, o.size[1] = 2, o.size[2] = 4;
                        CHECK_OK(mv_load_mem(T, &w, z.p, z.n, &o));
                        CHECK(w.data && !memcmp((char *)w.data + 34 * e, (char *)v.data + 68 * e, 34 * e));
                        CHECK_OK(mv_load_header_mem(T, &w, z.p, z.n, NULL));
                        CHECK(w.dtype == v.dtype && w.dim[1] == 3 && !w.data && !w.nifti);
                        mv_volume_free(T, &v), mv_volume_free(T, &w);
                        free(f.p), free(z.p);
                    }
}
#define C(descr, shape) "{'descr': " descr ", 'fortran_order': False, 'shape': " shape ", }"
#define FORTRAN(descr, shape) "{'descr': " descr ", 'fortran_order': True, 'shape': " shape ", }"
static void test_npy_dict(void) {
    static const struct {
        const char *dict;
        mv_status want;
        int ndim;
        size_t dim0, last;
        const char *says;
    } t[] = {
        {C("'<f4'", "(2, 3)"), MEDVOL_OK, 2, 3, 2, NULL},
        {"{\"shape\":(2,3),\"fortran_order\":True,\"descr\":\"<f4\"}", MEDVOL_OK, 2, 2, 3, NULL},
        {"\n{ 'fortran_order' :False ,'shape': ( 2 , 3 , ) ,\t'descr': '<f4' , } \r\n", MEDVOL_OK, 2, 3, 2,
            NULL},
        {C("'<f4'", "(2L, 3L)"), MEDVOL_OK, 2, 3, 2, NULL},
        {C("'<f4'", "(6,)"), MEDVOL_OK, 1, 6, 6, NULL},
        {C("'|u1'", "()"), MEDVOL_OK, 1, 1, 1, NULL},
        {C("'|b1'", "(24,)"), MEDVOL_OK, 1, 24, 24, NULL},
        {C("'<u1'", "(24,)"), MEDVOL_OK, 1, 24, 24, NULL},
        {C("'<f4'", "(1, 1, 1, 1, 1, 1, 1, 2, 3)"), MEDVOL_OK, 7, 3, 1, NULL},
        {FORTRAN("'<f4'", "(1, 2, 1, 1, 3, 1, 1, 1)"), MEDVOL_OK, 7, 1, 1, NULL},
        {FORTRAN("'|u1'", "(1, 1, 1, 2, 2, 2, 1, 3, 1, 1)"), MEDVOL_OK, 7, 1, 3, NULL},
        {FORTRAN("'|i1'", "(1, 2, 1, 2, 2, 1, 1, 2, 1, 1, 1, 1)"), MEDVOL_OK, 7, 1, 2, NULL},
        {FORTRAN("'|u1'", "(1, 1, 1, 1, 2, 1, 2, 2, 1, 2)"), MEDVOL_OK, 7, 1, 2, NULL},
        {FORTRAN("'|u1'", "(1, 1, 1, 2, 1, 2, 2, 2, 2)"), MEDVOL_E_UNSUPPORTED, 0, 0, 0, "8 axes"},
        {C("'|O'", "(3,)"), MEDVOL_E_DTYPE, 0, 0, 0, "objects"},
        {C("'<U5'", "(3,)"), MEDVOL_E_DTYPE, 0, 0, 0, ": strings"},
        {C("'|S5'", "(3,)"), MEDVOL_E_DTYPE, 0, 0, 0, "byte strings"},
        {C("'|V5'", "(3,)"), MEDVOL_E_DTYPE, 0, 0, 0, "records"},
        {C("'<M8[ns]'", "(3,)"), MEDVOL_E_DTYPE, 0, 0, 0, "dates"},
        {C("'<m8[us]'", "(3,)"), MEDVOL_E_DTYPE, 0, 0, 0, "time spans"},
        {C("[('a', '<f4')]", "(3,)"), MEDVOL_E_DTYPE, 0, 0, 0, "named fields"},
        {C("'<f3'", "(3,)"), MEDVOL_E_DTYPE, 0, 0, 0, "no such type"},
        {C("'<c4'", "(3,)"), MEDVOL_E_DTYPE, 0, 0, 0, "no such type"},
        {C("'|f4'", "(3,)"), MEDVOL_E_DTYPE, 0, 0, 0, "no such type"},
        {C("'=f4'", "(3,)"), MEDVOL_E_DTYPE, 0, 0, 0, "no such type"},
        {C("'f4'", "(3,)"), MEDVOL_E_DTYPE, 0, 0, 0, "no such type"},
        {C("''", "(3,)"), MEDVOL_E_DTYPE, 0, 0, 0, "no such type"},
        {C("'<f04'", "(3,)"), MEDVOL_E_DTYPE, 0, 0, 0, "no such type"},
        {C("'<f4 '", "(3,)"), MEDVOL_E_DTYPE, 0, 0, 0, "no such type"},
        {"{'descr': '<f4<f4<f4<f4<f4<', 'shape': (3,)}", MEDVOL_E_FORMAT, 0, 0, 0, "end of a text"},
        {"{'descr': '<f4\", 'shape': (3,)}", MEDVOL_E_DTYPE, 0, 0, 0, "no such type"},
        {"{'descr': '<f4", MEDVOL_E_FORMAT, 0, 0, 0, "end of a text"},
        {C("4", "(3,)"), MEDVOL_E_FORMAT, 0, 0, 0, "text in quotes"},
        {"{'descr': '<f4', 'fortran_order': 0, 'shape': (3,), }", MEDVOL_E_FORMAT, 0, 0, 0, "True or False"},
        {C("'<f4'", "(3)"), MEDVOL_E_FORMAT, 0, 0, 0, "a tuple"},
        {C("'<f4'", "[3, 4]"), MEDVOL_E_FORMAT, 0, 0, 0, "a tuple"},
        {C("'<f4'", "(3 4)"), MEDVOL_E_FORMAT, 0, 0, 0, "a comma"},
        {C("'<f4'", "(3, -4)"), MEDVOL_E_FORMAT, 0, 0, 0, "a size"},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (3, 4", MEDVOL_E_FORMAT, 0, 0, 0,
            "a comma or the"},
        {C("'<f4'", "(,)"), MEDVOL_E_FORMAT, 0, 0, 0, "a size"},
        {"{'descr': '<f4', 'fortran_order': False, }", MEDVOL_E_FORMAT, 0, 0, 0, "preceded by descr"},
        {"{'descr': '<f4', 'descr': '<f4', 'shape': (3,), }", MEDVOL_E_FORMAT, 0, 0, 0, "once"},
        {"{'descr': '<f4', 'order': False, 'shape': (3,), }", MEDVOL_E_FORMAT, 0, 0, 0, "behind descr"},
        {"{'descr': '<f4' 'fortran_order': False, 'shape': (3,), }", MEDVOL_E_FORMAT, 0, 0, 0,
            "a comma or the"},
        {"{'descr' '<f4', 'fortran_order': False, 'shape': (3,), }", MEDVOL_E_FORMAT, 0, 0, 0, "a colon"},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (3,), } x", MEDVOL_E_FORMAT, 0, 0, 0,
            "blank up to"},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (3,), ", MEDVOL_E_FORMAT, 0, 0, 0,
            "text in quotes"},
        {"('descr', '<f4')", MEDVOL_E_FORMAT, 0, 0, 0, "a dictionary"},
        {"", MEDVOL_E_FORMAT, 0, 0, 0, "a dictionary"},
        {"{}", MEDVOL_E_FORMAT, 0, 0, 0, "preceded by descr"},
        {C("'<f4'", "(3, 0)"), MEDVOL_E_SIZE, 0, 0, 0, "0 elements"},
        {C("'<f4'", "(4294967296, 4294967296)"), MEDVOL_E_SIZE, 0, 0, 0, "more bytes"},
        {C("'|u1'", "(18446744073709551616,)"), MEDVOL_E_SIZE, 0, 0, 0, "more bytes"},
        {C("'<f4'", "(7,)"), MEDVOL_E_TRUNCATED, 0, 0, 0, "24 of 28 bytes"},
    };
#undef C
#undef FORTRAN
    size_t i, asked, k;
    for (i = 0; i < sizeof t / sizeof *t; i++) {
        bytes f = npy_head(1 + (int)(i % 3), t[i].dict), x = bytes_new(24);
        mv_volume v = {0};
        for (k = 0; k < 24; k++) x.p[k] = (unsigned char)(k + 1);
        f = bytes_join(f, x.p, x.n);
        asked = t_allocations();
        if (!CHECK_STATUS(mv_load_mem(T, &v, f.p, f.n, NULL), t[i].want))
            fprintf(stderr, "  dictionary %zu: %s\n", i, mv_message(T));
        if (t[i].says) CHECK(message_has(t[i].says) && t_allocations() == asked && !v.data);
        else if (CHECK(v.data && v.ndim == t[i].ndim && v.dim[0] == t[i].dim0) &&
            CHECK(v.dim[v.ndim - 1] == t[i].last))
            CHECK(((unsigned char *)v.data)[0] == (mv_dtype_size(v.dtype) == 4 && T_BIG_ENDIAN ? 4 : 1));
        mv_volume_free(T, &v);
        free(f.p), free(x.p);
    }
}
static void test_npy_axes(void) { /* 65 axes, 64, and what remains of them */
    char dict[400] = "{'descr': '<f4', 'fortran_order': False, 'shape': (";
    const size_t lead = strlen(dict);
    int i, n;
    for (n = 64; n <= 65; n++) {
        bytes f;
        mv_volume v = {0};
        dict[lead] = 0;
        for (i = 0; i < n; i++) strcat(dict, i == 60 ? "2, " : "1, ");
        strcat(dict, "), }");
        f = npy_head(1, dict);
        f = bytes_join(f, "12345678", 8);
        CHECK_STATUS(mv_load_mem(T, &v, f.p, f.n, NULL), n == 64 ? MEDVOL_OK : MEDVOL_E_FORMAT);
        if (n == 64) CHECK(v.ndim == 7 && v.dim[3] == 2 && mv_volume_count(&v) == 2);
        else CHECK(message_has("64 axes"));
        mv_volume_free(T, &v);
        free(f.p);
    }
}
static void test_npy_lengths(void) { /* wherever the file ends; lengths that lie */
    spec s = {0};
    int version, zipped;
    size_t n;
    s.ndim = 2, s.dim[0] = 5, s.dim[1] = 3;
    for (version = 1; version <= 3; version++)
        for (zipped = 0; zipped < 2; zipped++) {
            bytes f = npy_file((spec_fill(&s), &s), version, 0), z = zipped ? gz(f.p, f.n, 0, 0) : copy(f);
            for (n = 0; n <= z.n; n++) {
                unsigned char *p = (unsigned char *)t_guard(n);
                mv_volume v = {0};
                mv_status st;
                if (n) memcpy(p, z.p, n);
                st = mv_load_mem(T, &v, p, n, NULL);
                if (n == z.n) CHECK(st == MEDVOL_OK && same_voxels(&v, &s));
                else if (!CHECK((st == MEDVOL_E_TRUNCATED || (n < 6 && st == MEDVOL_E_FORMAT)) && !v.data))
                    fprintf(stderr, "  %d of %d bytes: %s\n", (int)n, (int)z.n, mv_message(T));
                mv_volume_free(T, &v);
                if (!zipped) CHECK((mv_load_header_mem(T, &v, p, n, NULL) == MEDVOL_OK) == (n >= 128));
                mv_volume_free(T, &v);
                t_guard_free(p, n);
            }
            free(z.p);
            z = bytes_join(copy(f), "behind", 6); /* more arrays may follow */
            {
                mv_volume v = {0};
                CHECK_OK(mv_load_mem(T, &v, z.p, z.n, NULL));
                mv_volume_free(T, &v);
                put(z.p + 8, version > 1 ? 'i' : 'h', 32767, 0);
                CHECK_STATUS(mv_load_mem(T, &v, z.p, z.n, NULL), MEDVOL_E_TRUNCATED);
                if (version > 1) put(z.p + 8, 'i', -1, 0);
                CHECK_STATUS(mv_load_mem(T, &v, z.p, z.n, NULL), MEDVOL_E_TRUNCATED);
                z.p = (unsigned char *)realloc(z.p, z.n + 40000);
                if (!z.p) abort();
                memset(z.p + z.n, ' ', 40000), z.n += 40000;
                put(z.p + 8, version > 1 ? 'i' : 'h', 32767, 0);
                CHECK_STATUS(mv_load_mem(T, &v, z.p, z.n, NULL), MEDVOL_E_LIMIT);
                z.p[6] = 4;
                CHECK_STATUS(mv_load_mem(T, &v, z.p, z.n, NULL), MEDVOL_E_UNSUPPORTED);
                CHECK(message_has("version 4.0"));
                z.p[6] = 1, z.p[7] = 1;
                CHECK_STATUS(mv_load_mem(T, &v, z.p, z.n, NULL), MEDVOL_E_UNSUPPORTED);
            }
            free(z.p), free(f.p);
        }
}
static void test_npy_partial(void) { /* voxels that are missing; strict; limits */
    spec s = {0};
    bytes f;
    mv_volume v = {0};
    mv_load_opt o = {0};
    s.dtype = MEDVOL_F32, s.ndim = 1, s.dim[0] = 10;
    f = npy_file(&s, 1, 0);
    o.partial = 1, o.fill = 7;
    CHECK_OK(mv_load_mem(T, &v, f.p, f.n - 9, &o));
    CHECK(mv_warnings(T) == MEDVOL_W_PARTIAL && ((float *)v.data)[6] != 7 && ((float *)v.data)[7] == 7);
    mv_volume_free(T, &v);
    T->desc.limits.max_bytes = 39;
    CHECK_STATUS(mv_load_mem(T, &v, f.p, f.n, NULL), MEDVOL_E_LIMIT);
    T->desc.limits.max_bytes = 40;
    CHECK_OK(mv_load_mem(T, &v, f.p, f.n, NULL));
    T->desc.limits.max_bytes = 0;
    mv_volume_free(T, &v);
    free(f.p);
}
static void test_npy_save(void) { /* byte for byte what numpy.save writes (NumPy 1.24) */
    static const struct {
        mv_dtype t;
        int big, ndim;
        size_t dim[7];
        const char *dict;
    } t[] = {
        {MEDVOL_F32, 0, 3, {4, 3, 2}, "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3, 4), }"},
        {MEDVOL_F32, 1, 1, {5}, "{'descr': '>f4', 'fortran_order': False, 'shape': (5,), }"},
        {MEDVOL_U8, 1, 2, {3, 2}, "{'descr': '|u1', 'fortran_order': False, 'shape': (2, 3), }"},
        {MEDVOL_C128, 0, 2, {3, 1}, "{'descr': '<c16', 'fortran_order': False, 'shape': (1, 3), }"},
        {MEDVOL_F16, 0, 1, {1}, "{'descr': '<f2', 'fortran_order': False, 'shape': (1,), }"},
        {MEDVOL_I16, 0, 7, {10, 10, 10, 1, 1, 1, 3},
            "{'descr': '<i2', 'fortran_order': False, 'shape': (3, 1, 1, 1, 10, 10, 10), }"},
    };
    size_t i, k;
    for (i = 0; i < sizeof t / sizeof *t; i++) {
        spec s = {0};
        mv_volume v = {0}, w = {0};
        mv_save_opt o = {0};
        mv_buffer file = {0};
        bytes want, x;
        int d;
        s.dtype = t[i].t, s.ndim = t[i].ndim, s.big = T_BIG_ENDIAN;
        for (d = 0; d < t[i].ndim; d++) s.dim[d] = (int)t[i].dim[d];
        CHECK_OK(mv_volume_alloc(T, &v, t[i].t, t[i].ndim, t[i].dim));
        x = make_voxels(s);
        memcpy(v.data, x.p, x.n);
        free(x.p);
        s.big = t[i].big;
        x = make_voxels(s);
        want = bytes_new(128); /* of every array: the first size has room for 21 digits */
        memset(want.p, ' ', want.n);
        memcpy(want.p, "\x93NUMPY\1\0", 8);
        want.p[8] = (unsigned char)(want.n - 10), want.p[9] = 0;
        memcpy(want.p + 10, t[i].dict, strlen(t[i].dict));
        want.p[want.n - 1] = '\n';
        want = bytes_join(want, x.p, x.n);
        o.form = MEDVOL_FORM_NPY, o.big_endian = t[i].big;
        CHECK_OK(mv_save_mem(T, &file, NULL, &v, &o));
        if (!CHECK(file.bytes == want.n && !memcmp(file.data, want.p, want.n)))
            fprintf(stderr, "  array %zu: %zu bytes, want %zu\n", i, file.bytes, want.n);
        CHECK_OK(mv_load_mem(T, &w, file.data, file.bytes, NULL));
        CHECK(w.dtype == v.dtype && w.ndim == v.ndim && same_voxels(&w, (s.big = T_BIG_ENDIAN, &s)));
        for (k = 0; k < 7; k++) CHECK(w.dim[k] == v.dim[k]);
        mv_volume_free(T, &v), mv_volume_free(T, &w);
        mv_buffer_free(T, &file);
        free(want.p), free(x.p);
    }
}
static void test_npy_save_as(void) { /* types that are asked for; scaling is applied; names */
    static const struct {
        mv_dtype from;
        double slope;
        mv_dtype as, want;
    } t[] = {
        {MEDVOL_I16, 0, MEDVOL_NONE, MEDVOL_I16}, {MEDVOL_I16, 0.5, MEDVOL_NONE, MEDVOL_F32},
        {MEDVOL_U8, 0.5, MEDVOL_NONE, MEDVOL_F32}, {MEDVOL_I32, 0.5, MEDVOL_NONE, MEDVOL_F64},
        {MEDVOL_F64, 0.5, MEDVOL_NONE, MEDVOL_F64}, {MEDVOL_F16, 0.5, MEDVOL_NONE, MEDVOL_F32},
        {MEDVOL_F32, 0.5, MEDVOL_NONE, MEDVOL_F32}, {MEDVOL_BF16, 0, MEDVOL_NONE, MEDVOL_F32},
        {MEDVOL_F32, 2, MEDVOL_I16, MEDVOL_I16}, {MEDVOL_I16, 2, MEDVOL_I16, MEDVOL_I16},
        {MEDVOL_C128, 2, MEDVOL_C64, MEDVOL_C64}, {MEDVOL_C64, 2, MEDVOL_NONE, MEDVOL_C64},
    };
    size_t i, k, dim[2] = {4, 2};
    for (i = 0; i < sizeof t / sizeof *t; i++) {
        mv_volume v = {0}, w = {0};
        mv_save_opt o = {0};
        mv_dtype number = t[i].from == MEDVOL_C64    ? MEDVOL_F32
                          : t[i].from == MEDVOL_C128 ? MEDVOL_F64
                                                     : t[i].from;
        const char *path = t_path(i % 2 ? "as.npy.gz" : "as.npy");
        double x[16], y[16], k0 = t[i].slope ? t[i].slope : 1, k1 = t[i].slope ? 4 : 0;
        size_t n = number == t[i].from ? 8 : 16;
        for (k = 0; k < 16; k++) x[k] = (double)(2 * k);
        CHECK_OK(mv_volume_alloc(T, &v, t[i].from, 2, dim));
        CHECK_OK(mv_convert_array(T, v.data, number, x, MEDVOL_F64, n, 1, 0));
        v.slope = t[i].slope, v.inter = k1;
        o.dtype = t[i].as;
        CHECK_OK(mv_save(T, &v, path, &o));
        CHECK_OK(mv_load(T, &w, path, NULL));
        CHECK(w.dtype == t[i].want && w.slope == 1 && w.inter == 0 && w.dim[0] == 4 && w.dim[1] == 2);
        number = w.dtype == MEDVOL_C64 ? MEDVOL_F32 : w.dtype;
        if (w.data) CHECK_OK(mv_convert_array(T, y, MEDVOL_F64, w.data, number, n, 1, 0));
        for (k = 0; k < n && w.data; k++) CHECK(y[k] == x[k] * k0 + k1);
        mv_volume_free(T, &v), mv_volume_free(T, &w);
        remove(path);
    }
}
static void test_npy_map(void) {
    spec s = {0};
    bytes f;
    mv_volume v = {0};
    mv_load_opt o = {0};
    mv_save_opt so = {0};
    mv_status st;
    const char *path = t_path("map.npy");
    if (!T_FILES->map) return;
    s.dtype = MEDVOL_F32, s.ndim = 3, s.dim[0] = 5, s.dim[1] = 4, s.dim[2] = 3, s.big = T_BIG_ENDIAN;
    f = npy_file(&s, 2, 1);
    file_put(path, f.p, f.n);
    CHECK_OK(mv_map(T, &v, path, NULL));
    CHECK(v.map_bytes == f.n && same_voxels(&v, &s) && is_identity(&v));
    so.big_endian = T_BIG_ENDIAN;
    st = mv_save(T, &v, path, &so); /* over itself, where the system lets it */
    CHECK((st == MEDVOL_OK || st == MEDVOL_E_ACCESS) && same_voxels(&v, &s));
    mv_volume_free(T, &v);
    o.crop = 2, o.start[0] = 1, o.size[0] = 2, o.size[1] = 4;
    CHECK_OK(mv_map(T, &v, path, &o));
    CHECK(v.dim[0] == 2 && v.stride[1] == 5 && v.dim[2] == 3 && !mv_volume_contiguous(&v));
    mv_volume_free(T, &v);
    free(f.p);
    s.big = !T_BIG_ENDIAN;
    f = npy_file(&s, 1, 0);
    file_put(path, f.p, f.n);
    CHECK_STATUS(mv_map(T, &v, path, NULL), MEDVOL_E_UNSUPPORTED);
    CHECK(message_has("byte order"));
    free(f.p);
    s.dtype = MEDVOL_I8; /* has none */
    f = npy_file(&s, 1, 0);
    file_put(path, f.p, f.n);
    CHECK_OK(mv_map(T, &v, path, NULL));
    mv_volume_free(T, &v);
    file_put(path, f.p, f.n - 1);
    CHECK_STATUS(mv_map(T, &v, path, NULL), MEDVOL_E_TRUNCATED);
    free(f.p);
    remove(path);
}
/* An array has neither header nor geometry: operations and NIfTI take it as a volume of 1 mm. */
static void test_onwards(void) {
    bytes h = text_of(usual), x = cfl_data(24);
    mv_load_opt o = {0};
    mv_volume v = {0}, w = {0};
    mv_buffer file = {0};
    o.img = x.p, o.img_bytes = x.n;
    CHECK_OK(mv_load_mem(T, &v, h.p, h.n, &o));
    CHECK_OK(mv_save_mem(T, &file, NULL, &v, NULL));
    CHECK_OK(mv_load_mem(T, &w, file.data, file.bytes, NULL));
    CHECK(w.nifti && w.dtype == MEDVOL_C64 && w.dim[3] == 4 && !memcmp(w.data, v.data, x.n));
    CHECK(!memcmp(w.affine, v.affine, sizeof v.affine));
    CHECK_OK(mv_flip(T, &v, &v, 1));
    CHECK_OK(mv_nifti_ext_add(T, &v, 6, "a comment", 10));
    mv_volume_free(T, &v), mv_volume_free(T, &w);
    mv_buffer_free(T, &file);
    free(h.p), free(x.p);
}

const t_case tests_arrays[] = {
    {"cfl_read", test_cfl_read, 0},
    {"cfl_text", test_cfl_text, T_ONCE},
    {"cfl_among_pairs", test_cfl_among_pairs, T_ONCE},
    {"cfl_save", test_cfl_save, 0},
    {"save_refused", test_save_refused, T_ONCE},
    {"npy_read", test_npy_read, 0},
    {"npy_dict", test_npy_dict, T_ONCE},
    {"npy_axes", test_npy_axes, T_ONCE},
    {"npy_lengths", test_npy_lengths, T_ONCE},
    {"npy_partial", test_npy_partial, T_ONCE},
    {"npy_save", test_npy_save, 0},
    {"npy_save_as", test_npy_save_as, T_ONCE},
    {"npy_map", test_npy_map, T_ONCE},
    {"onwards", test_onwards, T_ONCE},
    {NULL, NULL, 0},
};
