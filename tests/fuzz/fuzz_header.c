/* fuzz_header.c - NIfTI-1, NIfTI-2, Analyze, BART and NumPy headers, plain or gzip. p[1]: options. What is
   accepted of NIfTI has the shape and type that stand in the file, and all have a geometry that can be
   used. */
#include "fuzz.h"

static uint64_t number(const uint8_t *p, size_t bytes, int big) {
    uint64_t v = 0;
    size_t i;
    for (i = 0; i < bytes; i++) v = v << 8 | p[big ? i : bytes - 1 - i];
    return v;
}
/* the file's own words, read once more by other code */
static void compare(const mv_volume *v, const uint8_t *p, size_t n) {
    const mv_nifti *h = v->nifti;
    int d, two = h->version == 2, big = h->big_endian;
    size_t word = two ? 8 : 2, dims = two ? 16 : 40;
    MUST(n >= (two ? 540u : 348u) && number(p, 4, big) == (two ? 540u : 348u));
    MUST(number(p + dims, word, big) == (uint64_t)v->ndim);
    for (d = 0; d < 7; d++)
        MUST(v->dim[d] >= 1 &&
            v->dim[d] == (d < v->ndim ? number(p + dims + word * (size_t)(d + 1), word, big) : 1));
    MUST(number(p + (two ? 12 : 70), 2, big) == (uint64_t)v->dtype);
}
FUZZ(header) {
    static mv_volume v;
    mv_load_opt o;
    mv_ctx *c;
    mv_status st;
    unsigned how;
    double inverse[12];
    const void *data;
    size_t at = 0, bytes, total = 0;
    int code;
    if (n < 2) return 0;
    memset(&o, 0, sizeof o);
    how = p[1];
    c = fz_begin(p[0], 1 << 20);
    fz_level(how);
    c->desc.strict = how >> 2 & 1;
    c->desc.limits.max_ext_bytes = how & 8 ? 64 : 0;
    o.analyze = how >> 4 & 1;
    p += 2, n -= 2;
    st = mv_load_header_mem(c, &v, p, n, &o);
    if (st == MEDVOL_OK) {
        MUST(v.data == NULL && v.ndim >= 1 && v.ndim <= 7 && mv_dtype_size(v.dtype));
        MUST(mv_affine_invert(inverse, v.affine) == MEDVOL_OK);
        if (!mv_gzip_is(p, n) && v.nifti) compare(&v, p, n);
        MUST(v.nifti || mv_gzip_is(p, n) || p[0] == '#' || p[0] == 0x93);
        MUST(!c->desc.strict || !mv_warnings(c));
        while (mv_nifti_ext_next(v.nifti, &at, &code, &data, &bytes)) total += bytes;
        if (v.nifti)
            MUST(total <= v.nifti->ext_bytes && v.nifti->ext_bytes <= (mv_gzip_is(p, n) ? 1032 * n : n));
    } else {
        fz_failed(c, st);
        MUST(v.data == NULL && v.nifti == NULL);
    }
    mv_volume_free(c, &v);
    fz_end();
    return 0;
}
