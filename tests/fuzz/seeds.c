/* seeds.c - first inputs of the fuzzers: fz_seeds hands them out one by one, for the test program; with
   -DFUZZ_ENGINE `seeds DIR TARGET...` writes them to DIR/corpus_TARGET and the dictionaries beside. */
#include "fuzz.h"
#include <stdio.h>

static void (*hand)(void *user, const char *name, const uint8_t *p, size_t n);
static void *hand_user;
/* `lead` bytes of options before the file itself */
static void put(const char *name, size_t lead, const uint8_t *options, const void *p, size_t n) {
    uint8_t *b = (uint8_t *)calloc(1, lead + n + 1);
    MUST(b);
    if (options) memcpy(b, options, lead);
    if (n) memcpy(b + lead, p, n);
    hand(hand_user, name, b, lead + n);
    free(b);
}

/* ---- streams ---- */
static uint8_t plain[60000], packed[70000];
static void fill(int kind) { /* zeros, a pattern, words, noise */
    size_t i;
    for (i = 0; i < sizeof plain; i++)
        plain[i] = (uint8_t)(kind == 0   ? 0
                             : kind == 1 ? i * i >> 7
                             : kind == 2 ? (size_t)"voxel by voxel "[i % 15]
                                         : (i * 2654435761u) >> 13);
}
/* what decoders stumble over; the bits of each are told behind it */
static const struct {
    const char *name;
    size_t n;
    uint8_t p[24];
} corner[] = {
    {"empty-fixed", 2, {0x03, 0x00}},
    {"empty-stored", 5, {0x01, 0x00, 0x00, 0xff, 0xff}},
    {"stored-wrong-complement", 5, {0x01, 0x01, 0x00, 0xff, 0xff}},
    {"stored-cut", 7, {0x01, 0x05, 0x00, 0xfa, 0xff, 'a', 'b'}},
    {"type-three", 3, {0x07, 0x00, 0x00}},
    {"distance-beyond-start", 4, {0x03, 0x02, 0x00, 0x00}},
    {"fixed-symbol-286", 4, {0x1b, 0x03, 0x00, 0x00}},
    {"too-many-lengths", 4, {0xfc, 0x00, 0x00, 0x00}},
    {"repeat-first", 8, {0x05, 0x00, 0x82, 0x24, 0x49, 0x92, 0x24, 0x01}},
    {"no-distance-code", 12, {0x05, 0xc0, 0x81, 0x08, 0x00, 0x00, 0x00, 0x00, 0x20, 0x7f, 0xeb, 0x02}},
    {"empty-blocks", 20, {0, 0, 0, 0xff, 0xff, 0, 0, 0, 0xff, 0xff, 0, 0, 0, 0xff, 0xff, 1, 0, 0, 0xff,
                            0xff}},
    {"run", 5, {0x4b, 0x04, 0x82, 0x51, 0x00}},
};
static void inflate_seeds(void) {
    char name[64];
    size_t i, made;
    int kind, level;
    for (i = 0; i < sizeof corner / sizeof *corner; i++)
        put(corner[i].name, 2, NULL, corner[i].p, corner[i].n);
    for (kind = 0; kind < 4; kind++) {
        fill(kind);
        for (level = 0; level <= 9; level += 3) {
            size_t n = kind == 3 ? 200 : kind == 0 ? 40000 : 3000;
            uint8_t raw[2] = {0, 0x30}, zlib[2] = {0, 0x35};
            if (level == 0) n = 200;
            MUST(mv_deflate(T_NONE, packed, sizeof packed, plain, n, level, &made) == MEDVOL_OK);
            snprintf(name, sizeof name, "deflate-%d-%d", kind, level);
            put(name, 2, raw, packed, made);
            MUST(mv_deflate_zlib(T_NONE, packed, sizeof packed, plain, n, level, &made) == MEDVOL_OK);
            snprintf(name, sizeof name, "zlib-%d-%d", kind, level);
            put(name, 2, zlib, packed, made);
        }
    }
}

/* ---- files ---- */
static const mv_dtype types[] = {MEDVOL_U8, MEDVOL_I8, MEDVOL_U16, MEDVOL_I16, MEDVOL_U32, MEDVOL_I32,
    MEDVOL_U64, MEDVOL_I64, MEDVOL_F16, MEDVOL_BF16, MEDVOL_F32, MEDVOL_F64, MEDVOL_C64, MEDVOL_C128,
    MEDVOL_RGB24, MEDVOL_RGBA32, MEDVOL_F128, MEDVOL_C256};
enum { TYPES = sizeof types / sizeof *types };
/* form: bit 0 a series, 1 NIfTI-2, 2 big-endian, 3 an extension, 4 gzip, 5 a pair, 6 and 7 the container */
static void save(mv_dtype type, unsigned form, mv_buffer *file, mv_buffer *img) {
    size_t dim[4] = {5, 3, 2, 2};
    mv_volume v;
    mv_save_opt o;
    memset(&v, 0, sizeof v);
    MUST(mv_volume_alloc(T_NONE, &v, type, 3 + (int)(form & 1), dim) == MEDVOL_OK);
    memset(v.data, (int)form, mv_volume_count(&v) * mv_dtype_size(type));
    v.affine[1] = 0.2, v.affine[4] = -0.2, v.affine[3] = 12;
    if (type == MEDVOL_I16) v.slope = 0.5, v.inter = -3;
    if (form & 8) {
        MUST(mv_nifti_ext_add(T_NONE, &v, 6, "a comment", 10) == MEDVOL_OK);
        MUST(mv_nifti_ext_add(T_NONE, &v, 4, "<AFNI_attributes/>", 19) == MEDVOL_OK);
    }
    memset(&o, 0, sizeof o);
    o.dtype = type;
    o.version = form & 2 ? 2 : 1;
    o.big_endian = form >> 2 & 1;
    o.gzip = form >> 4 & 1;
    o.pair = form >> 5 & 1;
    o.container = (int)(form >> 6 & 3);
    o.member = 64;
    memset(img, 0, sizeof *img);
    MUST(mv_save_mem(T_NONE, file, img, &v, &o) == MEDVOL_OK);
    mv_volume_free(T_NONE, &v);
}
/* arrays, of lead 4 with a .cfl behind its .hdr */
static void array_seeds(size_t lead) {
    unsigned t, form;
    char name[64];
    mv_buffer file, img;
    mv_volume v;
    mv_save_opt o;
    size_t dim[4] = {5, 3, 2, 2};
    for (t = 0; t < TYPES; t++)
        for (form = 0; form < 4; form++) { /* 1: big-endian, 2: gzip; of c64 3 is BART's */
            uint8_t options[40] = {0, 0, 0x20, 0, 1, 2, 3, 4, 5, 6}, both[2048] = {0};
            const int cfl = types[t] == MEDVOL_C64 && form == 3;
            size_t cut;
            if (types[t] == MEDVOL_BF16 || types[t] == MEDVOL_RGB24 || types[t] == MEDVOL_RGBA32) continue;
            MUST(mv_volume_alloc(T_NONE, &v, types[t], 2 + (int)(form & 2), dim) == MEDVOL_OK);
            memset(v.data, (int)t, mv_volume_count(&v) * mv_dtype_size(types[t]));
            memset(&o, 0, sizeof o);
            memset(&img, 0, sizeof img);
            o.form = cfl ? MEDVOL_FORM_CFL : MEDVOL_FORM_NPY;
            o.big_endian = !cfl && form & 1;
            o.gzip = !cfl && form & 2;
            MUST(mv_save_mem(T_NONE, &file, &img, &v, &o) == MEDVOL_OK);
            cut = (file.bytes + 3) / 4 * 4;
            MUST(cut + img.bytes <= sizeof both);
            memcpy(both, file.data, file.bytes);
            if (img.bytes) memcpy(both + cut, img.data, img.bytes);
            options[1] = (uint8_t)(form << 6);
            if (lead == 4 && cfl) options[3] = (uint8_t)(cut / 4);
            if (lead == 40) options[1] = 4, options[4] = (uint8_t)form;
            snprintf(name, sizeof name, "array-%s-%u", mv_dtype_name(types[t]), form);
            put(name, lead, options, both, img.bytes ? cut + img.bytes : file.bytes);
            mv_buffer_free(T_NONE, &file);
            mv_buffer_free(T_NONE, &img);
            mv_volume_free(T_NONE, &v);
        }
}
static void header_seeds(void) {
    unsigned t, form;
    char name[64];
    uint8_t analyze[2] = {0, 0x10};
    mv_buffer file, img;
    for (t = 0; t < TYPES; t++)
        for (form = 0; form < 64; form += t == 3 ? 1 : 6) {
            save(types[t], form, &file, &img);
            snprintf(name, sizeof name, "%s-%02x", mv_dtype_name(types[t]), form);
            put(name, 2, NULL, file.data, file.bytes < 800 ? file.bytes : 800);
            if ((form & 0x3a) == 0x20) { /* a pair's NIfTI-1 header without its magic */
                memset((uint8_t *)file.data + 344, 0, 4);
                snprintf(name, sizeof name, "analyze-%s-%02x", mv_dtype_name(types[t]), form);
                put(name, 2, analyze, file.data, 348);
            }
            mv_buffer_free(NULL, &file);
            mv_buffer_free(NULL, &img);
        }
    array_seeds(2);
}

static void gzip_seeds(void) {
    static const uint8_t head[] = {0x1f, 0x8b, 8, 0x1e, 0, 0, 0, 0, 0, 3, 4, 0, 'a', 'b', 0, 0, 'n', 0, 'c',
        0};
    char name[64];
    size_t made, more;
    int kind, level;
    mv_gzip_opt o;
    for (kind = 0; kind < 4; kind++)
        for (level = 0; level <= 9; level += 3) {
            uint8_t lead[3] = {0, 0, 9};
            fill(kind);
            memset(&o, 0, sizeof o);
            o.level = level ? level : MEDVOL_GZIP_STORE;
            o.container = kind;
            o.member = 300;
            o.head = 100;
            MUST(mv_gzip_pack(T_NONE, packed, sizeof packed, plain, 700, &o, &made) == MEDVOL_OK);
            snprintf(name, sizeof name, "gzip-%d-%d", kind, level);
            put(name, 3, lead, packed, made);
            if (level != 3) continue;
            MUST(mv_gzip_pack(T_NONE, packed + made, sizeof packed - made, plain, 100, &o, &more) ==
                MEDVOL_OK);
            memcpy(packed + made + more, "\0\0\0x", 4); /* two files and a tail */
            snprintf(name, sizeof name, "tail-%d", kind);
            put(name, 3, lead, packed, made + more + 4);
        }
    memcpy(packed, head, sizeof head); /* extra field, name, comment and a checksum of them */
    packed[sizeof head] = (uint8_t)(mv_crc32(0, head, sizeof head) & 255);
    packed[sizeof head + 1] = (uint8_t)(mv_crc32(0, head, sizeof head) >> 8 & 255);
    packed[sizeof head + 2] = 3;
    memset(packed + sizeof head + 3, 0, 9);
    put("header-fields", 3, NULL, packed, sizeof head + 12);
}
static void deflate_seeds(void) {
    char name[64];
    unsigned k;
    for (k = 0; k < 40; k++) {
        uint8_t lead[3] = {0, (uint8_t)(k % 4 * 8), (uint8_t)(k / 4 + (k & 1) * 0x80)};
        fill((int)(k % 4));
        snprintf(name, sizeof name, "deflate-%u", k);
        put(name, 3, lead, plain, 60 << (k % 6));
    }
}
/* whole files behind `lead` bytes, the second of them the options of fuzz_load and fuzz_crop */
static void file_seeds(size_t lead) {
    unsigned t, form;
    char name[64];
    mv_buffer file, img;
    for (t = 0; t < TYPES; t++)
        for (form = 0; form < 256; form += t == 3 ? 5 : t == 10 ? 11 : 37) {
            uint8_t options[40] = {0, 0, 0x20, 0, 1, 2, 3, 4, 5, 6}, both[4096];
            size_t cut;
            save(types[t], form, &file, &img);
            cut = (file.bytes + 3) / 4 * 4;
            MUST(cut + img.bytes <= sizeof both);
            memset(both, 0, sizeof both);
            memcpy(both, file.data, file.bytes);
            if (img.bytes) memcpy(both + cut, img.data, img.bytes);
            if (lead == 4 && img.bytes) options[3] = (uint8_t)(cut / 4);
            if (lead == 10) options[2] = (uint8_t)(form % 4), options[3] = options[4] = options[5] = 0x11;
            if (lead == 40) options[1] = 4, options[3] = 0, options[4] = (uint8_t)(form % 4);
            snprintf(name, sizeof name, "%s-%02x", mv_dtype_name(types[t]), form);
            put(name, lead, options, both, img.bytes ? cut + img.bytes : file.bytes);
            mv_buffer_free(NULL, &file);
            mv_buffer_free(NULL, &img);
        }
}
static void load_seeds(void) {
    file_seeds(4);
    array_seeds(4);
}
static void crop_seeds(void) {
    file_seeds(10);
    array_seeds(10);
}
static void files_seeds(void) {
    file_seeds(40);
    array_seeds(40);
}
/* raw MR data: streams of one message, and one of all */
static void mrd_seeds(void) {
    static const uint8_t lead[3][2] = {{0, 0}, {0, 3}, {0, 8}};
    uint8_t all[2200] = {0}, *p = all, *from;
#define MESSAGE(name, id, bytes)                                                                             \
    from = p, p[0] = (id) & 255, p[1] = (id) >> 8, p += 2 + (bytes);                                         \
    put(name, 2, lead[0], from, (size_t)(p - from))
    p[2] = 'n';
    MESSAGE("config-file", 1, 1024);
    p[2] = 3, memcpy(p + 6, "abc", 3);
    MESSAGE("config", 2, 7);
    p[2] = 6, memcpy(p + 6, "<xml/>", 6);
    MESSAGE("header", 3, 10);
    p[2 + 34] = 4, p[2 + 38] = 2, p[2 + 176] = 1; /* samples, channels, dimensions */
    MESSAGE("acquisition", 1008, 340 + 4 * 4 + 4 * 2 * 8);
    p[2 + 34] = 3, p[2 + 38] = 1;
    MESSAGE("line", 1008, 340 + 3 * 8);
    p[2 + 2] = 2, p[2 + 16] = 2, p[2 + 18] = 3, p[2 + 20] = 1, p[2 + 34] = 1, p[2 + 198] = 5;
    MESSAGE("image", 1022, 206 + 12 + 5);
    p[2 + 28] = 2, p[2 + 30] = 3;
    MESSAGE("waveform", 1026, 40 + 24);
    MESSAGE("text", 5, 4);
    MESSAGE("close", 4, 0);
#undef MESSAGE
    put("all", 2, lead[0], all, (size_t)(p - all));
    put("all-3", 2, lead[1], all, (size_t)(p - all));
    put("all-8", 2, lead[2], all, (size_t)(p - all));
}
static void extensions_seeds(void) {
    static const uint8_t chain[] = {32, 0, 0, 0, 6, 0, 0, 0, 'a', ' ', 'c', 'o', 'm', 'm', 'e', 'n', 't', 0,
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 16, 0, 0, 0, 4, 0, 0, 0, '<', 'A', '/', '>', 0, 0, 0, 0};
    static const uint8_t mirrored[] = {0, 0, 0, 16, 0, 0, 0, 6, 'm', 'i', 'r', 'r', 'o', 'r', 0, 0};
    static const uint8_t big[3] = {0, 4, 0};
    size_t k;
    char name[64];
    for (k = 0; k <= sizeof chain; k += 8) {
        snprintf(name, sizeof name, "chain-%zu", k);
        put(name, 3, NULL, chain, k);
    }
    put("mirrored", 3, big, mirrored, sizeof mirrored);
}
/* volume, then style, operation and parameters; fz_volume tells the order */
static void tape_seeds(void) {
    unsigned op, t, k;
    for (op = 0; op < 12; op++)
        for (t = 0; t < 8; t++) {
            uint8_t b[96] = {0};
            char name[32];
            b[1] = (uint8_t)(op + t), b[2] = (uint8_t)(t < 4 ? t : t * 5), b[3] = t == 7 ? 4 : t < 2 ? 2 : 3;
            for (k = 0; k < b[3]; k++) b[4 + k] = (uint8_t)(6 - k);
            k += 4;
            b[k++] = (uint8_t)(op + 1), b[k++] = 3; /* numbers */
            b[k++] = (uint8_t)t, b[k++] = (uint8_t)op;
            for (; k < sizeof b; k++) b[k] = (uint8_t)(k * 37 + op * 11 + t * (k & 3));
            snprintf(name, sizeof name, "op-%u-%u", op, t);
            put(name, 0, NULL, b, sizeof b);
        }
}

static void lz4_seeds(void) { /* blocks; p[0], p[1]: as everywhere, p[2]: room, p[3]: bytes of an element */
    static const char *const text[] =
        {"medvol medvol medvol medvol, a block", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
        "abcabcabcabcabcabcabcabcabcabcabc 0123456789 0123456789 0123456789 abcabcabc", ""};
    uint8_t b[256], head[4];
    size_t k, made;
    for (k = 0; k < 12; k++) {
        char name[32];
        MUST(mv_lz4_compress(T_NONE, b, sizeof b, text[k % 4], strlen(text[k % 4]), &made) == MEDVOL_OK);
        head[0] = 0, head[1] = (uint8_t)k, head[2] = (uint8_t)(k * 20), head[3] = (uint8_t)(k + 1);
        snprintf(name, sizeof name, "block-%u", (unsigned)k);
        put(name, 4, head, b, made);
    }
}
static void affine_seeds(void) { /* texts of maps; p[0], p[1]: as everywhere, p[2], p[3]: powers */
    static const char *const text[] = {"#Insight Transform File V1.0\n#Transform 0\nTransform: "
        "AffineTransform_double_3_3\nParameters: 1 0.1 0 0 1 0 0.2 0 1 3 -4 5.5\nFixedParameters: 1 2 3\n",
        "#Insight Transform File V1.0\nTransform: Euler3DTransform_double_3_3\nParameters: 0.1 -0.2 0.3 1 2 3\n"
        "FixedParameters: 0 0 0 0\n",
            "#Insight Transform File V1.0\nTransform: VersorRigid3DTransform_double_3_3\n"
        "Parameters: 0.1 0.1 0.1 5 6 7\nFixedParameters: 1 1 1\n",
            "#Insight Transform File V1.0\n#Transform 0\n"
        "Transform: CompositeTransform_double_3_3\n#Transform 1\nTransform: TranslationTransform_double_3_3\n"
        "Parameters: 1e2 -.5 3E-1\nFixedParameters:\n#Transform 2\nTransform: Similarity2DTransform_double_2_2\n"
        "Parameters: 1.1 0.2 3 4\nFixedParameters: 5 6\n", "#Insight Transform File V1.0\nTransform: x\n"};
    size_t i;
    for (i = 0; i < sizeof text / sizeof *text; i++) {
        uint8_t b[600] = {0};
        char name[32];
        const size_t n = strlen(text[i]);
        memcpy(b + 4, text[i], n);
        b[2] = (uint8_t)(i * 3);
        snprintf(name, sizeof name, "map-%u", (unsigned)i);
        put(name, 0, NULL, b, n + 4);
    }
    tape_seeds();
}
static void context_seeds(void) {
    uint8_t b[16] = {0, 0xf8, 9, 8, 7, 2, 0, 0, 40, 3, 1};
    tape_seeds();
    put("threads", 0, NULL, b, sizeof b);
    b[5] = 255, b[6] = 255;
    put("too-many", 0, NULL, b, sizeof b);
}

static const struct {
    const char *target;
    void (*make)(void);
} makers[] = {{"inflate", inflate_seeds}, {"header", header_seeds}, {"gzip", gzip_seeds},
    {"deflate", deflate_seeds}, {"load", load_seeds}, {"crop", crop_seeds}, {"files", files_seeds},
    {"extensions", extensions_seeds}, {"context", context_seeds}, {"volume", tape_seeds},
    {"spatial", tape_seeds}, {"intensity", tape_seeds}, {"resample", tape_seeds}, {"save", tape_seeds},
    {"png", tape_seeds}, {"render", tape_seeds}, {"linalg", tape_seeds}, {"fft", tape_seeds},
    {"convolve", tape_seeds}, {"kspace", tape_seeds}, {"coils", tape_seeds}, {"grappa", tape_seeds},
    {"sense", tape_seeds}, {"traj", tape_seeds}, {"nufft", tape_seeds}, {"iterate", tape_seeds},
    {"filter", tape_seeds}, {"field", tape_seeds}, {"mrd", mrd_seeds},
    {"affine", affine_seeds}, {"measure", tape_seeds}, {"stats", tape_seeds}, {"register", tape_seeds},
    {"flow", tape_seeds}, {"nearest", tape_seeds}, {"landmarks", tape_seeds}, {"demons", tape_seeds},
    {"layers", tape_seeds}, {"mind", tape_seeds}, {"lz4", lz4_seeds}, {"cache", tape_seeds}, {"transport", tape_seeds},
    {"bspline", tape_seeds}};
void fz_seeds(const char *target, void (*give)(void *, const char *, const uint8_t *, size_t), void *user) {
    size_t i;
    hand = give;
    hand_user = user;
    for (i = 0; i < sizeof makers / sizeof *makers; i++)
        if (!strcmp(makers[i].target, target)) {
            makers[i].make();
            return;
        }
    MUST(!"a target has seeds");
}

#ifdef FUZZ_ENGINE
#  include <sys/stat.h>
static const struct {
    const char *targets, *words;
} dictionary[] = {
    {"inflate", "\"\\x00\\x00\\xff\\xff\"\n\"\\x78\\x9c\"\n\"\\x04\\xc1\"\n\"\\x03\\x00\"\n\"\\xed\\xc0\"\n"},
    {"gzip", "\"\\x1f\\x8b\\x08\"\n\"\\x1f\\x8b\\x08\\x04\"\n\"\\x06\\x00BC\\x02\\x00\"\n\"IG\\x04\\x00\"\n"
             "\"\\x08\\x00IG\\x04\\x00\"\n\"\\x03\\x00\"\n\"\\x00\\x00\\xff\\xff\"\n"},
    {"header load crop files",
        "\"n+1\\x00\"\n\"ni1\\x00\"\n\"n+2\\x00\\x0d\\x0a\\x1a\\x0a\"\n\"ni2\\x00\\x0d\\x0a\\x1a\\x0a\"\n"
        "\"\\x5c\\x01\\x00\\x00\"\n\"\\x00\\x00\\x01\\x5c\"\n\"\\x1c\\x02\\x00\\x00\"\n"
        "\"\\x00\\x00\\x02\\x1c\"\n\"\\x00\\x00\\xb0\\x43\"\n\"\\x00\\x00\\xc0\\x7f\"\n"
        "\"\\x00\\x00\\x80\\x7f\"\n\"\\xff\\xff\\xff\\x7f\"\n\"\\x1f\\x8b\\x08\"\n\"\\x00\\x06\"\n"
        "\"\\x00\\x40\"\n\"\\x01\\x40\"\n\"\\xff\\x7f\"\n\"\\x00\\x80\"\n\"\\x00\\x00\\x80\\x3f\"\n"
        "\"\\x3f\\x80\\x00\\x00\"\n\"\\x00\\x00\\x80\\xff\"\n\"\\x20\\x02\\x00\\x00\"\n"
        "\"\\x93NUMPY\\x01\\x00\"\n\"\\x93NUMPY\\x02\\x00\"\n\"{'descr': '<f4', \"\n"
        "\"'fortran_order': False, \"\n\"'shape': (2, 3), }\"\n\"# Dimensions\\x0a\"\n"},
    {"mrd", "\"\\xf0\\x03\\x01\\x00\"\n\"\\xfe\\x03\"\n\"\\x02\\x04\"\n\"\\xff\\xff\"\n\"\\x05\\x00\"\n"},
};
static void write_file(const char *path, const void *p, size_t n) {
    FILE *f = fopen(path, "wb");
    if (!f || fwrite(p, 1, n, f) != n || fclose(f) != 0) {
        fprintf(stderr, "seeds: cannot write %s\n", path);
        exit(1);
    }
}
static void write_seed(void *user, const char *name, const uint8_t *p, size_t n) {
    char path[600];
    snprintf(path, sizeof path, "%s/seed-%s", (const char *)user, name);
    write_file(path, p, n);
}
int main(int argc, char **argv) {
    char path[512];
    int i;
    size_t k;
    if (argc < 3) { fprintf(stderr, "seeds DIR TARGET...\n"); return 2; }
    for (i = 2; i < argc; i++) {
        snprintf(path, sizeof path, "%s/corpus_%s", argv[1], argv[i]);
        mkdir(path, 0777);
        fz_seeds(argv[i], write_seed, path);
        for (k = 0; k < sizeof dictionary / sizeof *dictionary; k++)
            if (strstr(dictionary[k].targets, argv[i])) {
                snprintf(path, sizeof path, "%s/%s.dict", argv[1], argv[i]);
                write_file(path, dictionary[k].words, strlen(dictionary[k].words));
            }
    }
    return 0;
}
#endif
