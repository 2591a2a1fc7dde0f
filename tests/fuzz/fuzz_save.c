/* fuzz_save.c - volumes of any shape, type, strides, geometry and scaling, saved to memory and loaded again:
   the same bytes at every level, and the same voxels where the type is kept. */
#include "fuzz.h"

static int same_type(const mv_volume *v, const mv_save_opt *o) {
    int small = v->dtype == MEDVOL_F16 || v->dtype == MEDVOL_BF16; /* become f32 unless asked for */
    if (o->form > MEDVOL_FORM_NIFTI && v->slope != 0 && !(v->slope == 1 && v->inter == 0)) return 0;
    if (o->form == MEDVOL_FORM_CFL) return v->dtype == MEDVOL_C64;
    if (o->form == MEDVOL_FORM_NPY) small = v->dtype == MEDVOL_BF16;
    return o->dtype == v->dtype || (o->dtype == MEDVOL_NONE && !small);
}
static mv_status op_save(fz_step *s) {
    mv_save_opt o;
    mv_load_opt lo;
    mv_buffer file, img;
    mv_volume w, plain;
    mv_status st;
    int d;
    memset(&o, 0, sizeof o);
    memset(&lo, 0, sizeof lo);
    memset(&file, 0, sizeof file);
    memset(&img, 0, sizeof img);
    memset(&w, 0, sizeof w);
    memset(&plain, 0, sizeof plain);
    if (fz_byte() & 1) o.dtype = fz_type();
    if (fz_byte() & 1) o.slope = fz_number(), o.inter = fz_number();
    o.version = (int)(fz_byte() % 4);
    o.form = o.version == 0 && o.slope == 0 ? (int)(fz_byte() % 6) : 0;
    o.pair = (int)(fz_byte() & 1);
    o.gzip = (int)(fz_byte() % 3) - 1;
    o.level = (int)(fz_byte() % 12) - 1;
    o.container = (int)(fz_byte() % 5);
    o.member = fz_size();
    o.big_endian = (int)(fz_byte() & 1);
    st = mv_save_mem(s->ctx, &file, fz_byte() & 15 ? &img : NULL, s->src, &o);
    if (st < 0) {
        MUST(file.data == NULL && img.data == NULL);
        return st;
    }
    s->hash = fz_hash(s->hash, file.data, file.bytes);
    s->hash = fz_hash(s->hash, img.data, img.bytes);
    lo.img = img.data, lo.img_bytes = img.bytes;
    lo.max_surplus = 1;
    st = mv_load_mem(s->ctx, &w, file.data, file.bytes, &lo);
    MUST(st == MEDVOL_OK || fz_refused());
    if (st == MEDVOL_OK && same_type(s->src, &o) && o.slope == 0) {
        st = mv_volume_copy(s->ctx, &plain, s->src);
        if (st == MEDVOL_OK) {
            size_t bytes = mv_volume_count(&plain) * mv_dtype_size(plain.dtype);
            for (d = 0; d < 7; d++) MUST(w.dim[d] == plain.dim[d]);
            MUST(w.dtype == plain.dtype && !memcmp(w.data, plain.data, bytes));
        }
    }
    mv_volume_free(s->ctx, &w);
    mv_volume_free(s->ctx, &plain);
    mv_buffer_free(s->ctx, &file);
    mv_buffer_free(s->ctx, &img);
    return st;
}
static const fz_op ops[] = {op_save};
FUZZ(save) { return fz_steps(p, n, ops, 1, 8 << 20); }
