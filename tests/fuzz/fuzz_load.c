/* fuzz_load.c - files in memory: whole, converted, as a pair, with voxels missing; and of what loads the way
   out and back in. p[1], p[2]: options, p[3]: where a pair is cut, in words. */
#include "fuzz.h"

static int array_form(const mv_volume *v, unsigned form) { /* one that keeps these voxels, or 0 */
    const int scaled = v->slope != 0.0 && fabs(v->slope) < HUGE_VAL && fabs(v->inter) < HUGE_VAL &&
        !(v->slope == 1.0 && v->inter == 0.0);
    if (scaled || (form == MEDVOL_FORM_CFL && v->dtype != MEDVOL_C64)) return 0;
    if (v->dtype == MEDVOL_BF16 || v->dtype == MEDVOL_RGB24 || v->dtype == MEDVOL_RGBA32) return 0;
    return form == MEDVOL_FORM_CFL || form == MEDVOL_FORM_NPY ? (int)form : 0;
}
static void again(mv_ctx *c, const mv_volume *v, unsigned how, unsigned form) {
    mv_save_opt o;
    mv_load_opt lo;
    mv_buffer file, img;
    mv_volume w;
    mv_status st;
    size_t i, n = mv_volume_count(v) * mv_dtype_size(v->dtype);
    int huge = 0;
    memset(&o, 0, sizeof o);
    memset(&lo, 0, sizeof lo);
    memset(&w, 0, sizeof w);
    memset(&file, 0, sizeof file);
    memset(&img, 0, sizeof img);
    o.dtype = v->dtype;
    o.gzip = how & 1;
    o.pair = how >> 1 & 1;
    o.big_endian = how >> 2 & 1;
    o.version = (int)(how >> 3 & 1) * 2;
    o.container = (int)(how >> 4 & 3);
    o.form = array_form(v, form);
    if (o.form) o.version = o.pair = 0;
    if (o.form == MEDVOL_FORM_CFL) o.gzip = o.big_endian = 0;
    st = mv_save_mem(c, &file, &img, v, &o);
    if (st == MEDVOL_OK) {
        lo.img = img.data;
        lo.img_bytes = img.bytes;
        st = mv_load_mem(c, &w, file.data, file.bytes, &lo);
        MUST(st == MEDVOL_OK || fz_refused()); /* what was written can be read */
    }
    if (st == MEDVOL_OK) {
        MUST(w.dtype == v->dtype && mv_volume_count(&w) == mv_volume_count(v));
        MUST(w.data && !memcmp(w.data, v->data, n));
        for (i = 0; i < 12; i++) huge |= !(fabs(v->affine[i]) < 1e30);
        /* against the largest: a sheared matrix may hold tiny numbers beside large ones */
        for (i = 0; i < 12 && !huge && !o.form; i++)
            MUST(fabs(w.affine[i] - v->affine[i]) <=
                1e-5 * (fabs(v->affine[i]) + fabs(v->affine[i % 4]) + fabs(v->affine[4 + i % 4]) +
                           fabs(v->affine[8 + i % 4]) + 1));
    }
    mv_buffer_free(c, &file);
    mv_buffer_free(c, &img);
    mv_volume_free(c, &w);
}
FUZZ(load) {
    mv_ctx *c;
    mv_load_opt o;
    mv_volume v;
    mv_status st;
    double inverse[12];
    unsigned how;
    size_t all = n;
    if (n < 4) return 0;
    memset(&v, 0, sizeof v);
    memset(&o, 0, sizeof o);
    how = p[2];
    c = p[1] & 4 ? fz_begin_pool(p[0], 8 << 20) : fz_begin(p[0], 8 << 20);
    c->desc.limits.max_bytes = (uint64_t)1 << 20;
    c->desc.strict = p[1] >> 3 & 1;
    fz_level(p[1]);
    o.analyze = (int)(how & 1);
    o.partial = (int)(how >> 1 & 1);
    o.fill = 3;
    o.wide = (int)(how >> 2 & 3);
    if (how & 16) o.dtype = p[1] >> 4 & 1 ? MEDVOL_I16 : p[1] >> 5 & 1 ? MEDVOL_F64 : MEDVOL_F32;
    if (p[3]) {
        size_t head = p[3] * 4u < n - 4 ? p[3] * 4u : n - 4;
        o.img = p + 4 + head;
        o.img_bytes = n - 4 - head;
        n = 4 + head;
    }
    st = mv_load_mem(c, &v, p + 4, n - 4, &o);
    if (st == MEDVOL_OK) {
        MUST(v.data && v.ndim >= 1 && v.ndim <= 7 && mv_dtype_size(v.dtype));
        MUST(mv_affine_invert(inverse, v.affine) == MEDVOL_OK);
        MUST(!v.nifti || v.nifti->ext_bytes <= 1032 * all); /* none: an array */
        MUST(o.partial || mv_volume_count(&v) * mv_dtype_size(v.dtype) / 16 <= 1032 * all); /* as f64 */
        if (how & 32) again(c, &v, how >> 2, p[1] >> 6);
    } else {
        fz_failed(c, st);
        MUST(v.data == NULL);
    }
    mv_volume_free(c, &v);
    fz_end();
    return 0;
}
