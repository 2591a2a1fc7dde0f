/* seeds.c - writes the seed corpora and dictionaries of the fuzzers: seeds DIR makes DIR/corpus_gzip,
   corpus_nifti, corpus_ops, gzip.dict and nifti.dict. Existing files are left alone. */
#if defined(__unix__) || defined(__APPLE__)
#  define _DEFAULT_SOURCE 1
#  include <sys/stat.h>
#endif
#include "medvol.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *root;
static int written;
static void file(
    const char *folder, const char *name, const void *head, size_t nh, const void *body, size_t nb) {
    char path[512];
    FILE *f;
    snprintf(path, sizeof path, "%s/%s/%s", root, folder, name);
    f = fopen(path, "wb");
    if (!f || fwrite(head, 1, nh, f) != nh || (nb && fwrite(body, 1, nb, f) != nb) || fclose(f) != 0) {
        fprintf(stderr, "seeds: cannot write %s\n", path);
        exit(1);
    }
    written++;
}
static void folder(const char *name) {
    char path[512];
    snprintf(path, sizeof path, "%s/%s", root, name);
    mkdir(path, 0777);
}
static void gzip_seeds(void) {
    static unsigned char data[60000], packed[70000];
    size_t i, n, made;
    int kind, level;
    char name[64];
    mv_gzip_opt o;
    for (kind = 0; kind < 4; kind++) {
        for (i = 0; i < sizeof data; i++) { /* zeros, a pattern, words, noise */
            size_t word = (size_t)"voxel by voxel "[i % 15], noise = (i * 2654435761u) >> 13;
            data[i] = (unsigned char)(kind == 0 ? 0 : kind == 1 ? i * i >> 7 : kind == 2 ? word : noise);
        }
        for (level = 0; level <= 9; level += 3) {
            static const unsigned char first[2] = {0, 0};
            n = kind == 3 ? 700 : 3000;
            if (mv_deflate(NULL, packed, sizeof packed, data, n, level, &made) == MEDVOL_OK) {
                snprintf(name, sizeof name, "deflate-%d-%d", kind, level);
                file("corpus_gzip", name, first, 2, packed, made);
            }
            if (mv_deflate_zlib(NULL, packed, sizeof packed, data, n, level, &made) == MEDVOL_OK) {
                snprintf(name, sizeof name, "zlib-%d-%d", kind, level);
                file("corpus_gzip", name, first, 2, packed, made);
            }
            memset(&o, 0, sizeof o);
            o.level = level ? level : MEDVOL_GZIP_STORE;
            o.container = kind;
            o.member = 900;
            o.head = 100;
            if (mv_gzip_pack(NULL, packed, sizeof packed, data, n, &o, &made) == MEDVOL_OK) {
                snprintf(name, sizeof name, "gzip-%d-%d", kind, level);
                file("corpus_gzip", name, first, 2, packed, made);
            }
        }
    }
}
static void nifti_seeds(void) {
    static const mv_dtype types[] = {MEDVOL_U8, MEDVOL_I16, MEDVOL_F32, MEDVOL_F64, MEDVOL_C64, MEDVOL_RGB24,
        MEDVOL_U64, MEDVOL_F16, MEDVOL_F128};
    size_t t;
    unsigned form;
    for (t = 0; t < sizeof types / sizeof *types; t++)
        for (form = 0; form < 16; form++) {
            size_t dim[4] = {3, 2, 2, 2};
            unsigned char head[3] = {0, 0, 0};
            mv_volume v;
            mv_save_opt o;
            mv_buffer b, img;
            char name[64];
            unsigned char *both;
            memset(&v, 0, sizeof v);
            memset(&img, 0, sizeof img);
            if (mv_volume_alloc(NULL, &v, types[t], 3 + (int)(form & 1), dim) < 0) exit(1);
            memset(v.data, (int)form, mv_volume_count(&v) * mv_dtype_size(v.dtype));
            v.affine[1] = 0.2, v.affine[4] = -0.2, v.affine[3] = 12;
            if (form & 8) mv_nifti_ext_add(NULL, &v, 6, "a comment", 10);
            memset(&o, 0, sizeof o);
            o.dtype = types[t];
            o.version = form & 2 ? 2 : 1;
            o.big_endian = form >> 2 & 1;
            o.gzip = form == 5 || form == 8;
            o.pair = form == 6 || form == 9;
            if (mv_save_mem(NULL, &b, &img, &v, &o) == MEDVOL_OK) {
                snprintf(name, sizeof name, "%s-%u", mv_dtype_name(types[t]), form);
                head[2] = o.pair ? (unsigned char)((b.bytes + 3) / 4) : 0;
                both = (unsigned char *)calloc(1, b.bytes + img.bytes + 4);
                if (!both) exit(1);
                memcpy(both, b.data, b.bytes);
                if (img.bytes) memcpy(both + head[2] * 4u, img.data, img.bytes);
                file("corpus_nifti", name, head, 3, both, img.bytes ? head[2] * 4u + img.bytes : b.bytes);
                free(both);
                mv_buffer_free(NULL, &b);
                mv_buffer_free(NULL, &img);
            }
            mv_volume_free(NULL, &v);
        }
}
/* level, spare, type, rank, noise, sizes, style ...; then style and operation with parameters */
static void ops_seeds(void) {
    unsigned op, t, k;
    for (op = 0; op < 30; op++)
        for (t = 0; t < 4; t++) {
            unsigned char b[96];
            char name[32];
            memset(b, 0, sizeof b);
            b[0] = (unsigned char)((op + t) % 4), b[2] = (unsigned char)(t * 5), b[3] = 3, b[4] = 7, b[5] = 9,
            b[6] = 7, b[7] = 5, b[8] = 3;
            b[11] = (unsigned char)t; /* style */
            b[12] = (unsigned char)op;
            for (k = 13; k < sizeof b; k++) b[k] = (unsigned char)(k * 37 + op * 11 + t);
            snprintf(name, sizeof name, "op-%u-%u", op, t);
            file("corpus_ops", name, b, sizeof b, NULL, 0);
        }
}
int main(int argc, char **argv) {
    static const char gzip_words[] = "\"\\x1f\\x8b\\x08\"\n\"\\x00\\x00\\xff\\xff\"\n\"BC\\x02\\x00\"\n\"IG\\"
                                     "x04\\x00\"\n\"\\x78\\x9c\"\n\"\\x04\\xc1\"\n";
    static const char nifti_words[] =
        "\"n+1\\x00\"\n\"ni1\\x00\"\n\"n+2\\x00\\x0d\\x0a\\x1a\\x0a\"\n"
        "\"ni2\\x00\\x0d\\x0a\\x1a\\x0a\"\n\"\\x5c\\x01\\x00\\x00\"\n\"\\x00\\x00\\x01\\x5c\"\n"
        "\"\\x1c\\x02\\x00\\x00\"\n\"\\x00\\x00\\x02\\x1c\"\n\"\\x00\\x00\\xb0\\x43\"\n"
        "\"\\x00\\x00\\xc0\\x7f\"\n\"\\x00\\x00\\x80\\x7f\"\n\"\\xff\\xff\\xff\\x7f\"\n"
        "\"\\x1f\\x8b\\x08\"\n\"\\x00\\x06\"\n\"\\x00\\x40\"\n\"\\x01\\x40\"\n\"\\xff\\x7f\"\n"
        "\"\\x00\\x80\"\n";
    if (argc < 2) { fprintf(stderr, "seeds DIR\n"); return 2; }
    root = argv[1];
    folder(".");
    folder("corpus_gzip");
    folder("corpus_nifti");
    folder("corpus_ops");
    gzip_seeds();
    nifti_seeds();
    ops_seeds();
    file(".", "gzip.dict", gzip_words, sizeof gzip_words - 1, NULL, 0);
    file(".", "nifti.dict", nifti_words, sizeof nifti_words - 1, NULL, 0);
    printf("seeds: %d files in %s\n", written, root);
    return 0;
}
