/* fuzz_extensions.c - the bytes between header and voxels. p[1]: options; p[2]: a voxel offset that lies; the
   rest: the chain. Whatever stands there the voxels load, the bytes are kept, and written back so. */
#include "fuzz.h"

static uint8_t file[2][352]; /* NIfTI-1 and its mirror image, 2 x 2 x 2 of u8 */
static void make(void) {
    size_t dim[3] = {2, 2, 2};
    mv_volume v;
    mv_buffer b;
    mv_save_opt o;
    int k;
    memset(&o, 0, sizeof o);
    MUST(mv_volume_alloc(T_NONE, &v, MEDVOL_U8, 3, dim) == MEDVOL_OK);
    memset(v.data, 7, 8);
    for (k = 0; k < 2; k++) {
        o.big_endian = k;
        MUST(mv_save_mem(T_NONE, &b, NULL, &v, &o) == MEDVOL_OK && b.bytes == 360);
        memcpy(file[k], b.data, 352);
        file[k][348] = 1; /* extensions follow */
        mv_buffer_free(NULL, &b);
    }
    mv_volume_free(T_NONE, &v);
}
static size_t walk(const mv_nifti *h, int *last, size_t *last_n, const void **last_p) {
    size_t at = 0, n = 0, bytes, total = 0;
    int code;
    const void *data;
    while (h && mv_nifti_ext_next(h, &at, &code, &data, &bytes)) {
        MUST((const uint8_t *)data >= h->ext &&
            (size_t)((const uint8_t *)data - h->ext) + bytes <= h->ext_bytes);
        total += 8 + bytes;
        *last = code, *last_n = bytes, *last_p = data;
        n++;
    }
    MUST(!h || total <= h->ext_bytes);
    return n;
}
/* out and in again: a sound chain is the same, any other stands in the file as it is */
static void back(mv_ctx *c, const mv_volume *v, unsigned how) {
    const uint16_t one = 1;
    size_t n = v->nifti->ext_bytes, at = 0;
    mv_buffer b;
    mv_volume w;
    mv_save_opt o;
    mv_status st;
    memset(&o, 0, sizeof o);
    memset(&w, 0, sizeof w);
    o.version = how & 16 ? 2 : 1;
    o.big_endian = how >> 5 & 1;
    st = mv_save_mem(c, &b, NULL, v, &o);
    if (st == MEDVOL_OK) {
        st = mv_load_mem(c, &w, b.data, b.bytes, NULL);
        while (mv_nifti_ext_next(v->nifti, &at, NULL, NULL, NULL)) {}
        if (st == MEDVOL_OK && n && at == n)
            MUST(w.nifti->ext_bytes == n && !memcmp(w.nifti->ext, v->nifti->ext, n));
        if (n && at != n && o.big_endian != *(const uint8_t *)&one)
            MUST(!memcmp((const uint8_t *)b.data + (o.version == 2 ? 544 : 352), v->nifti->ext, n));
        mv_buffer_free(c, &b);
    }
    /* padding may take a chain that just fits over the limit */
    MUST(st == MEDVOL_OK || fz_refused() || (st == MEDVOL_E_LIMIT && c->desc.limits.max_ext_bytes));
    mv_volume_free(c, &w);
}
FUZZ(extensions) {
    uint8_t *b;
    uint32_t bits;
    float offset;
    mv_ctx *c;
    mv_volume v;
    mv_status st;
    size_t size, many, i, last_n = 0;
    int big, code = 0, k;
    const void *last = NULL;
    if (n < 3) return 0;
    if (!file[0][0]) make();
    c = fz_begin(p[0], 1 << 20);
    fz_level(p[1]);
    c->desc.limits.max_ext_bytes = p[1] & 64 ? 100 : 0;
    big = p[1] >> 2 & 1;
    size = 352 + n - 3 + 8;
    b = (uint8_t *)malloc(size);
    MUST(b);
    memcpy(b, file[big], 352);
    memcpy(b + 352, p + 3, n - 3);
    memset(b + 352 + n - 3, 7, 8);
    offset = (float)(352 + (n - 3)) - (float)(p[2] & 0x80 ? p[2] & 0x7f : 0);
    memcpy(&bits, &offset, 4);
    for (k = 0; k < 4; k++) b[108 + k] = (uint8_t)(bits >> (big ? 24 - 8 * k : 8 * k));
    memset(&v, 0, sizeof v);
    st = mv_load_mem(c, &v, b, size, NULL);
    free(b);
    if (st == MEDVOL_OK) {
        many = walk(v.nifti, &code, &last_n, &last);
        MUST(v.nifti->ext_bytes <= n - 3);
        for (i = 0; i < 8 && !(p[2] & 0x80); i++) MUST(((const uint8_t *)v.data)[i] == 7);
        back(c, &v, p[1]);
        st = mv_nifti_ext_add(c, &v, 6, p + 3, (n - 3) / 2);
        if (st == MEDVOL_OK) {
            MUST(walk(v.nifti, &code, &last_n, &last) == many + 1 && code == 6 && last_n >= (n - 3) / 2);
            MUST(n < 5 || !memcmp(last, p + 3, (n - 3) / 2));
            back(c, &v, p[1]);
        } else {
            fz_failed(c, st);
            MUST(walk(v.nifti, &code, &last_n, &last) == many);
        }
    } else {
        fz_failed(c, st);
        MUST(st == MEDVOL_E_NOMEM || st == MEDVOL_E_LIMIT || p[2] & 0x80);
    }
    mv_volume_free(c, &v);
    fz_end();
    return 0;
}
