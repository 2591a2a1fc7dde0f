/* fuzz_coils.c - coil images of any shape and content, options and matrices of any sort. */
#include "fuzz.h"

enum { ROOM = 1 << 14 };
static float noise[ROOM];
static double matrix[2 * 64 * 64];
/* maps as large as the data, mostly */
static int maps_of(mv_volume *maps, size_t coils, const mv_volume *v) {
    size_t dim[5] = {1, 1, 1, 1, 1}, i, n = 1;
    for (i = 0; i < 3 && (int)i < v->ndim; i++) dim[i] = v->dim[i];
    dim[3] = coils;
    dim[4] = 1 + (fz_byte() > 128) + (fz_byte() > 200);
    if (fz_byte() > 250) dim[fz_byte() % 5] += 1;
    for (i = 0; i < 5; i++) n *= dim[i];
    if (2 * n > ROOM) return 0;
    for (i = 0; i < 2 * n; i++) noise[i] = (float)((double)(fz_noise() & 0xff) / 128.0 - 1.0);
    if (fz_byte() > 200) noise[fz_byte() % (2 * n)] = (float)fz_number();
    return mv_volume_wrap(NULL, maps, noise, MEDVOL_C64, 5, dim, NULL) == MEDVOL_OK;
}
/* src as complex numbers, the same at every level; now and then as it is */
static mv_status complex_of(fz_step *s, mv_volume *v) {
    const size_t n = mv_volume_count(s->src);
    mv_volume real;
    size_t i;
    mv_status st;
    memset(v, 0, sizeof *v);
    memset(&real, 0, sizeof real);
    if (fz_byte() > 250 || mv_dtype_name(s->src->dtype)[0] == 'c') return mv_volume_copy(s->ctx, v, s->src);
    st = mv_convert(s->ctx, &real, s->src, MEDVOL_F32, NULL);
    if (st == MEDVOL_OK) st = mv_volume_alloc(s->ctx, v, MEDVOL_C64, real.ndim, real.dim);
    for (i = 0; st == MEDVOL_OK && i < n; i++) {
        ((float *)v->data)[2 * i] = ((const float *)real.data)[i];
        ((float *)v->data)[2 * i + 1] = ((const float *)real.data)[n - 1 - i];
    }
    mv_volume_free(s->ctx, &real);
    return st;
}
static size_t coils_of(const mv_volume *v) { return v->ndim > 3 ? v->dim[3] : 1; }
static mv_status op_rss(fz_step *s) {
    mv_coil_rss_opt o;
    mv_volume v;
    mv_status st = complex_of(s, &v);
    o.noise = fz_byte() & 1 ? 0 : fz_number();
    if (st == MEDVOL_OK) st = mv_coil_rss(s->ctx, s->dst, &v, fz_byte() & 1 ? &o : NULL);
    mv_volume_free(s->ctx, &v);
    return st;
}
static mv_status op_combine(fz_step *s) {
    mv_coil_combine_opt o;
    mv_volume v, maps;
    mv_status st = complex_of(s, &v);
    o.normalize = (int)(fz_byte() & 1);
    if (st == MEDVOL_OK && !maps_of(&maps, coils_of(&v), &v)) st = mv_volume_copy(s->ctx, s->dst, &v);
    else if (st == MEDVOL_OK) st = mv_coil_combine(s->ctx, s->dst, &v, &maps, &o);
    mv_volume_free(s->ctx, &v);
    return st;
}
static mv_status op_expand(fz_step *s) {
    mv_coil_combine_opt o;
    mv_volume v, maps;
    mv_status st = complex_of(s, &v);
    o.normalize = (int)(fz_byte() & 1);
    if (st == MEDVOL_OK && !maps_of(&maps, 1 + fz_byte() % 3, &v)) st = mv_volume_copy(s->ctx, s->dst, &v);
    else if (st == MEDVOL_OK) st = mv_coil_expand(s->ctx, s->dst, &v, &maps, &o);
    mv_volume_free(s->ctx, &v);
    return st;
}
static mv_status op_whiten(fz_step *s) { /* by its own covariance, or any */
    mv_volume v;
    size_t i;
    mv_status st = complex_of(s, &v);
    if (st == MEDVOL_OK && coils_of(&v) <= 64 && fz_byte() & 1) st = mv_coil_noise(s->ctx, matrix, &v);
    else
        for (i = 0; i < 2 * 64 * 64; i++) matrix[i] = i % 130 ? 0 : 1 + (double)i;
    if (st == MEDVOL_OK && fz_byte() > 200) matrix[fz_byte()] = fz_number();
    if (st == MEDVOL_OK && coils_of(&v) <= 64) st = mv_coil_whiten(s->ctx, s->dst, &v, matrix);
    else if (st == MEDVOL_OK) st = MEDVOL_E_SINGULAR;
    if (st == MEDVOL_E_SINGULAR) st = mv_volume_copy(s->ctx, s->dst, &v); /* near it levels differ */
    mv_volume_free(s->ctx, &v);
    return st;
}
/* geometric: a matrix of each x */
static mv_status compress(fz_step *s, int geometric) {
    mv_coil_compress_opt o;
    mv_volume v;
    size_t k, rows, need;
    mv_status st = complex_of(s, &v);
    for (k = 0; k < 3; k++) o.calib[k] = fz_byte() > 200 ? fz_size() : 0;
    rows = st == MEDVOL_OK ? fz_byte() % (coils_of(&v) + 2) : 0;
    need = st == MEDVOL_OK ? 2 * rows * coils_of(&v) * (geometric ? v.dim[0] : 1) : 0;
    if (st == MEDVOL_OK && need > sizeof matrix / sizeof *matrix) st = mv_volume_copy(s->ctx, s->dst, &v);
    else if (st == MEDVOL_OK && geometric) {
        st = mv_coil_gcc_matrix(s->ctx, matrix, rows, &v, &o);
        if (st == MEDVOL_OK) st = mv_coil_gcc_apply(s->ctx, s->dst, &v, matrix, rows);
    } else if (st == MEDVOL_OK && fz_byte() & 1) st = mv_coil_compress(s->ctx, s->dst, &v, rows, &o);
    else if (st == MEDVOL_OK) {
        st = mv_coil_compress_matrix(s->ctx, matrix, NULL, rows, &v, &o);
        if (st == MEDVOL_OK) st = mv_coil_apply(s->ctx, s->dst, &v, matrix, rows);
    }
    mv_volume_free(s->ctx, &v);
    return st;
}
static mv_status op_compress(fz_step *s) { return compress(s, 0); }
static mv_status op_gcc(fz_step *s) { return compress(s, 1); }
/* sensitivities are of length 1, or 0 */
static void unit(const mv_volume *maps) {
    const size_t n = maps->dim[0] * maps->dim[1] * maps->dim[2], c = maps->dim[3];
    const size_t all = mv_volume_count(maps);
    const float *p = (const float *)maps->data;
    size_t i, k, set;
    for (set = 0; set < all / n / c; set++)
        for (i = 0; i < n; i++) {
            double sum = 0;
            for (k = 0; k < c; k++) {
                const float *e = p + 2 * (i + n * (k + c * set));
                sum += (double)e[0] * (double)e[0] + (double)e[1] * (double)e[1];
            }
            MUST(sum == 0 || fabs(sum - 1) < 1e-4);
        }
}
static mv_status op_walsh(fz_step *s) {
    mv_coil_walsh_opt o;
    mv_volume v, maps;
    size_t k;
    mv_status st = complex_of(s, &v);
    memset(&maps, 0, sizeof maps);
    for (k = 0; k < 3; k++) o.box[k] = fz_byte() > 128 ? fz_byte() % 10 : 1;
    o.threshold = fz_byte() & 1 ? 0 : fz_number();
    o.virtual_phase = (int)(fz_byte() & 1), o.image_phase = fz_byte() > 128;
    if (st == MEDVOL_OK && coils_of(&v) > 16) st = mv_volume_copy(s->ctx, s->dst, &v);
    else if (st == MEDVOL_OK) {
        st = mv_coil_walsh(s->ctx, &maps, &v, &o);
        if (st == MEDVOL_OK) unit(&maps), st = mv_volume_copy(s->ctx, s->dst, &maps);
    }
    mv_volume_free(s->ctx, &v), mv_volume_free(s->ctx, &maps);
    return st;
}
static mv_status op_inati(fz_step *s) {
    mv_coil_inati_opt o;
    mv_volume v, maps, image;
    size_t k;
    mv_status st = complex_of(s, &v);
    memset(&maps, 0, sizeof maps), memset(&image, 0, sizeof image);
    for (k = 0; k < 3; k++) o.box[k] = fz_byte() > 128 ? fz_byte() % 10 : 1;
    o.rounds = fz_byte() > 250 ? fz_size() : fz_byte() % 6;
    o.tolerance = fz_byte() & 1 ? 0 : fz_number();
    o.threshold = fz_byte() & 1 ? 0 : fz_number();
    o.image = fz_byte() & 1 ? &image : NULL;
    if (st == MEDVOL_OK && coils_of(&v) > 16) st = mv_volume_copy(s->ctx, s->dst, &v);
    else if (st == MEDVOL_OK) {
        st = mv_coil_inati(s->ctx, &maps, &v, &o);
        if (st == MEDVOL_OK) unit(&maps), st = mv_volume_copy(s->ctx, s->dst, &maps);
        for (k = 0; k < 2 * mv_volume_count(&image); k++) MUST(isfinite(((float *)image.data)[k]));
    }
    mv_volume_free(s->ctx, &v), mv_volume_free(s->ctx, &maps), mv_volume_free(s->ctx, &image);
    return st;
}
static void boxes(size_t *box, size_t most) {
    size_t k;
    for (k = 0; k < 3; k++) box[k] = fz_byte() > 128 ? fz_byte() % most : fz_byte() > 250 ? fz_size() : 0;
}
static mv_status op_lowres(fz_step *s) {
    mv_coil_lowres_opt o;
    mv_volume v, maps;
    mv_status st = complex_of(s, &v);
    memset(&maps, 0, sizeof maps);
    boxes(o.calib, 12), boxes(o.shape, 30);
    o.threshold = fz_byte() & 1 ? 0 : fz_number();
    o.window = (int)(fz_byte() & 1);
    o.virtual_phase = (int)(fz_byte() & 1);
    if (st == MEDVOL_OK) {
        st = mv_coil_lowres(s->ctx, &maps, &v, &o);
        if (st == MEDVOL_OK) unit(&maps), st = mv_volume_copy(s->ctx, s->dst, &maps);
    }
    mv_volume_free(s->ctx, &v), mv_volume_free(s->ctx, &maps);
    return st;
}
static mv_status op_espirit(fz_step *s) {
    mv_espirit_opt o;
    mv_volume v, maps, values;
    mv_status st = complex_of(s, &v);
    size_t i;
    memset(&maps, 0, sizeof maps), memset(&values, 0, sizeof values);
    boxes(o.calib, 12), boxes(o.kernel, 5), boxes(o.shape, 30);
    for (i = 0; i < 3; i++)
        if (!o.kernel[i]) o.kernel[i] = 1 + i % 2;
    o.sets = fz_byte() % 4;
    o.threshold = fz_byte() & 1 ? 0 : fz_number();
    o.crop = fz_byte() & 1 ? 0 : fz_number();
    o.virtual_phase = (int)(fz_byte() & 1);
    o.values = fz_byte() & 1 ? &values : NULL;
    if (st == MEDVOL_OK && coils_of(&v) > 8) st = mv_volume_copy(s->ctx, s->dst, &v);
    else if (st == MEDVOL_OK) {
        st = mv_espirit(s->ctx, &maps, &v, &o);
        for (i = 0; i < mv_volume_count(&values); i++)
            MUST(((float *)values.data)[i] >= 0 && ((float *)values.data)[i] <= 1);
        if (st == MEDVOL_OK) unit(&maps), st = mv_volume_copy(s->ctx, s->dst, &maps);
    }
    mv_volume_free(s->ctx, &v), mv_volume_free(s->ctx, &maps), mv_volume_free(s->ctx, &values);
    return st;
}
/* What differs between levels must not be the next step's source, whose status could then differ, too: dst
   becomes src. */
static mv_status one(fz_step *s, fz_op op) {
    fz_step t = *s;
    mv_volume made;
    mv_status st;
    memset(&made, 0, sizeof made);
    t.dst = &made;
    st = op(&t);
    if (st == MEDVOL_OK) st = mv_volume_copy(s->ctx, s->dst, s->src);
    mv_volume_free(s->ctx, &made);
    return st;
}
static mv_status op_any(fz_step *s) {
    static const fz_op each[] = {
        op_rss, op_combine, op_expand, op_whiten, op_compress, op_walsh, op_lowres, op_espirit, op_gcc,
        op_inati};
    return one(s, each[fz_byte() % (sizeof each / sizeof *each)]);
}
static const fz_op ops[] = {op_any};
FUZZ(coils) { return fz_steps(p, n, ops, 1, 1 << 24); }
