/* nifti.h - a little writer of NIfTI and gzip files for the tests. It shares no code with medvol. */
#ifndef MEDVOL_TEST_NIFTI_H
#define MEDVOL_TEST_NIFTI_H
#include "test.h"

#define NANF ((double)NAN)
#define INFF ((double)INFINITY)

typedef struct bytes {
    unsigned char *p;
    size_t n;
} bytes;
static inline bytes bytes_new(size_t n) {
    bytes b;
    b.p = (unsigned char *)calloc(n + 1, 1);
    b.n = n;
    if (!b.p) abort();
    return b;
}
static inline bytes bytes_join(bytes a, const void *p, size_t n) { /* frees a */
    bytes b = bytes_new(a.n + n);
    memcpy(b.p, a.p, a.n);
    if (n) memcpy(b.p + a.n, p, n);
    free(a.p);
    return b;
}
static inline size_t width_of(char type) { /* of a header field: c, h, i, l integers; f, d floats */
    return type == 'c' ? 1 : type == 'h' ? 2 : type == 'i' || type == 'f' ? 4 : 8;
}
static inline void put(unsigned char *p, char type, double value, int big) {
    unsigned char b[8];
    float f = (float)value;
    /* NaN and more are for floats only */
    int64_t l = value >= -0x1p63 && value < 0x1p63 ? (int64_t)value : 0;
    int32_t i = (int32_t)l;
    int16_t h = (int16_t)l;
    size_t n = width_of(type), k;
    int one = 1, host_big = *(char *)&one == 0;
    if (type == 'c') b[0] = (unsigned char)h;
    else if (type == 'h') memcpy(b, &h, 2);
    else if (type == 'i') memcpy(b, &i, 4);
    else if (type == 'l') memcpy(b, &l, 8);
    else if (type == 'f') memcpy(b, &f, 4);
    else memcpy(b, &value, 8);
    for (k = 0; k < n; k++) p[k] = b[big != host_big ? n - 1 - k : k];
}
static inline double get(const unsigned char *p, char type, int big) {
    unsigned char b[8];
    float f;
    double d;
    int16_t h;
    int32_t i;
    int64_t l;
    size_t n = width_of(type), k;
    int one = 1, host_big = *(char *)&one == 0;
    for (k = 0; k < n; k++) b[k] = p[big != host_big ? n - 1 - k : k];
    switch (type) {
        case 'c': return b[0];
        case 'h': memcpy(&h, b, 2); return h;
        case 'i': memcpy(&i, b, 4); return i;
        case 'l': memcpy(&l, b, 8); return (double)l;
        case 'f': memcpy(&f, b, 4); return f;
        default: memcpy(&d, b, 8); return d;
    }
}
typedef struct spec { /* {0}: version 1, little-endian, single file, 4 x 3 x 2 i16 */
    int version, big, pair, dtype, ndim;
    int dim[7];
    double slope, inter;
    const unsigned char *ext; /* extensions as they stand in the file */
    size_t ext_bytes;
} spec;
static const struct {
    mv_dtype t;
    int size, unit;
} types[] = {
    {MEDVOL_U8, 1, 1}, {MEDVOL_I16, 2, 2}, {MEDVOL_I32, 4, 4}, {MEDVOL_F32, 4, 4}, {MEDVOL_C64, 8, 4},
    {MEDVOL_F64, 8, 8}, {MEDVOL_RGB24, 3, 1}, {MEDVOL_I8, 1, 1}, {MEDVOL_U16, 2, 2}, {MEDVOL_U32, 4, 4},
    {MEDVOL_I64, 8, 8}, {MEDVOL_U64, 8, 8}, {MEDVOL_F128, 16, 16}, {MEDVOL_C128, 16, 8},
    {MEDVOL_C256, 32, 16}, {MEDVOL_RGBA32, 4, 1}, {MEDVOL_F16, 2, 2}, {MEDVOL_BF16, 2, 2},
};
enum { TYPES = (int)(sizeof types / sizeof *types) };
static inline int type_index(int t) {
    int i;
    for (i = 0; i < TYPES - 1 && (int)types[i].t != t; i++) {}
    return i;
}
static inline void spec_fill(spec *s) {
    int d;
    if (!s->version) s->version = 1;
    if (!s->dtype) s->dtype = MEDVOL_I16;
    if (!s->ndim) {
        s->ndim = 3;
        s->dim[0] = 4, s->dim[1] = 3, s->dim[2] = 2;
    }
    for (d = s->ndim; d < 7; d++) s->dim[d] = 1;
}
static inline size_t spec_count(const spec *s) {
    size_t n = 1;
    int d;
    for (d = 0; d < s->ndim; d++) n *= (size_t)s->dim[d];
    return n;
}
static inline bytes make_header(spec s) {
    bytes b;
    size_t size;
    int d, v2;
    spec_fill(&s);
    v2 = s.version == 2;
    size = v2 ? 540 : 348;
    b = bytes_new(size + 4 + s.ext_bytes);
    put(b.p, 'i', (double)size, s.big);
    memcpy(b.p + (v2 ? 4 : 344), s.pair ? "ni1" : "n+1", 3);
    if (v2) {
        b.p[6] = '2';
        memcpy(b.p + 8, "\r\n\032\n", 4);
    }
    put(b.p + (v2 ? 16 : 40), v2 ? 'l' : 'h', s.ndim, s.big);
    for (d = 0; d < 7; d++) put(b.p + (v2 ? 24 + 8 * d : 42 + 2 * d), v2 ? 'l' : 'h', s.dim[d], s.big);
    put(b.p + (v2 ? 12 : 70), 'h', s.dtype, s.big);
    put(b.p + (v2 ? 14 : 72), 'h', types[type_index(s.dtype)].size * 8, s.big);
    for (d = 0; d < 8; d++)
        put(b.p + (v2 ? 104 + 8 * d : 76 + 4 * d), v2 ? 'd' : 'f', d == 0 ? 1 : 1 + d * 0.25, s.big);
    put(b.p + (v2 ? 176 : 112), v2 ? 'd' : 'f', s.slope, s.big);
    put(b.p + (v2 ? 184 : 116), v2 ? 'd' : 'f', s.inter, s.big);
    if (v2) put(b.p + 168, 'l', s.pair ? 0 : (double)b.n, s.big);
    else put(b.p + 108, 'f', s.pair ? 0 : (double)b.n, s.big);
    if (s.ext_bytes) {
        b.p[size] = 1;
        memcpy(b.p + size + 4, s.ext, s.ext_bytes);
    }
    return b;
}
/* Voxel bytes of element i in the machine's order: noise that is a finite small number in the float types. */
static inline void voxel(mv_dtype t, size_t i, unsigned char *p) {
    int k = type_index(t), j;
    double x = (double)((i * 37 + 11) % 251) - 100.0;
    float f = (float)x * 0.5f;
    for (j = 0; j < types[k].size; j++)
        p[j] = (unsigned char)((i * 131 + (size_t)j * 29 + 7) * 2654435761u >> 13);
    if (t == MEDVOL_F32) memcpy(p, &f, 4);
    else if (t == MEDVOL_F64) memcpy(p, &x, 8);
    else if (t == MEDVOL_F16 || t == MEDVOL_BF16) p[1] = (unsigned char)(p[1] & 0x3f);
}
static inline bytes make_voxels(spec s) {
    int k, one = 1, host_big = *(char *)&one == 0;
    size_t n, i, size, unit, a, c;
    bytes b;
    spec_fill(&s);
    k = type_index(s.dtype);
    n = spec_count(&s);
    size = (size_t)types[k].size, unit = (size_t)types[k].unit;
    b = bytes_new(n * size);
    for (i = 0; i < n; i++) {
        unsigned char v[32] = {0};
        voxel((mv_dtype)s.dtype, i, v);
        for (a = 0; a < size; a += unit)
            for (c = 0; c < unit; c++) b.p[i * size + a + c] = v[a + (s.big != host_big ? unit - 1 - c : c)];
    }
    return b;
}
static inline bytes make_file(spec s) { /* a whole single file */
    bytes h = make_header(s), v = make_voxels(s);
    h = bytes_join(h, v.p, v.n);
    free(v.p);
    return h;
}
/* gzip with stored blocks: kind 0 one member, 1 Mgzip, 2 BGZF, 3 many plain members; `member` bytes each */
static inline bytes gz_member(bytes out, const unsigned char *p, size_t n, int kind) {
    size_t blocks = n ? (n + 65534) / 65535 : 1, head = kind == 1 ? 20 : kind == 2 ? 18 : 10;
    size_t total = head + 5 * blocks + n + 8, at, i;
    unsigned char *m = (unsigned char *)calloc(total, 1);
    if (!m) abort();
    m[0] = 0x1f, m[1] = 0x8b, m[2] = 8, m[9] = 255;
    if (kind == 1 || kind == 2) {
        m[3] = 4;
        put(m + 10, 'h', kind == 1 ? 8 : 6, 0);
        memcpy(m + 12, kind == 1 ? "IG\4" : "BC\2", 3);
        if (kind == 1) put(m + 16, 'i', (double)total, 0);
        else put(m + 16, 'h', (double)total - 1 > 32767 ? (double)total - 65537 : (double)total - 1, 0);
    }
    for (at = head, i = 0; i < blocks; i++) {
        size_t k = n - i * 65535 < 65535 ? n - i * 65535 : 65535;
        m[at] = i + 1 == blocks;
        m[at + 1] = (unsigned char)k, m[at + 2] = (unsigned char)(k >> 8);
        m[at + 3] = (unsigned char)~m[at + 1], m[at + 4] = (unsigned char)~m[at + 2];
        if (k) memcpy(m + at + 5, p + i * 65535, k);
        at += 5 + k;
    }
    put(m + at, 'l', 0, 0);
    {
        uint32_t c = t_crc32(0, p, n);
        for (i = 0; i < 4; i++)
            m[at + i] = (unsigned char)(c >> 8 * i), m[at + 4 + i] = (unsigned char)((uint32_t)n >> 8 * i);
    }
    out = bytes_join(out, m, total);
    free(m);
    return out;
}
static inline bytes gz(const unsigned char *p, size_t n, int kind, size_t member) {
    bytes b = bytes_new(0);
    size_t at = 0;
    do {
        size_t k = kind == 0 || n - at < member ? n - at : member;
        b = gz_member(b, p + at, k, kind);
        at += k;
    } while (at < n);
    if (kind == 2) b = gz_member(b, p, 0, 2);
    return b;
}

/* ---- files of the test ---- */
static inline void file_put(const char *path, const void *p, size_t n) {
    FILE *f = fopen(path, "wb");
    if (!f || (n && fwrite(p, 1, n, f) != n) || fclose(f) != 0) abort();
}
static inline bytes file_get(const char *path) {
    FILE *f = fopen(path, "rb");
    bytes b = bytes_new(0);
    if (!f) return b;
    fseek(f, 0, SEEK_END);
    free(b.p);
    b = bytes_new((size_t)ftell(f));
    rewind(f);
    if (b.n && fread(b.p, 1, b.n, f) != b.n) abort();
    fclose(f);
    return b;
}
static inline int same_voxels(const mv_volume *v, const spec *s) { /* against native order */
    spec native = *s;
    bytes b;
    int one = 1, same;
    native.big = *(char *)&one == 0;
    b = make_voxels(native);
    same = mv_volume_contiguous(v) && mv_volume_count(v) * mv_dtype_size(v->dtype) == b.n &&
        memcmp(v->data, b.p, b.n) == 0;
    free(b.p);
    return same;
}
typedef struct patch {
    int at;
    char type;
    double value;
} patch;
static inline bytes copy(bytes b) { return bytes_join(bytes_new(0), b.p, b.n); }
#endif
