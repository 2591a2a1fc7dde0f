/* fuzz_png.c - pictures of any shape, type, strides and window: the PNG is well formed, fits its bound, is
   the same at every level, and decodes to the pixels it was made of. */
#include "fuzz.h"

enum { ROOM = 1 << 19 };
static uint8_t png[ROOM], rows[ROOM], pixel[ROOM];
static uint32_t word(const uint8_t *p) {
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}
/* the filters of the standard undone, row by row */
static void unfilter(size_t w, size_t h, size_t step) {
    size_t y, i, row = w * step;
    for (y = 0; y < h; y++) {
        const uint8_t *s = rows + y * (row + 1);
        uint8_t *d = pixel + y * row;
        MUST(*s <= 4);
        for (i = 0; i < row; i++) {
            int a = i >= step ? d[i - step] : 0, b = y ? *(d + i - row) : 0,
                c = y && i >= step ? *(d + i - row - step) : 0, e = a + b - c, guess = 0;
            if (*s == 1) guess = a;
            if (*s == 2) guess = b;
            if (*s == 3) guess = (a + b) / 2;
            if (*s == 4)
                guess = abs(e - a) <= abs(e - b) && abs(e - a) <= abs(e - c) ? a
                    : abs(e - b) <= abs(e - c)                               ? b
                                                                             : c;
            d[i] = (uint8_t)(s[1 + i] + guess);
        }
    }
}
/* reads the file; returns the bytes a pixel */
static size_t read_back(size_t n, size_t w, size_t h) {
    static const uint8_t sign[8] = {137, 80, 78, 71, 13, 10, 26, 10};
    size_t at = 8, step = 0, used, made, ended = 0;
    MUST(n > 8 && !memcmp(png, sign, 8));
    while (at < n) {
        size_t len = word(png + at);
        const uint8_t *p = png + at + 8;
        MUST(at + 12 + len <= n && mv_crc32(0, png + at + 4, len + 4) == word(p + len));
        if (!memcmp(p - 4, "IHDR", 4)) {
            MUST(word(p) == w && word(p + 4) == h && p[8] == 8);
            step = p[9] == 0 ? 1 : p[9] == 2 ? 3 : p[9] == 6 ? 4 : 0;
            MUST(step && h * (w * step + 1) <= ROOM);
        } else if (!memcmp(p - 4, "IDAT", 4)) {
            size_t raw = h * (w * step + 1);
            MUST(mv_inflate_zlib(T_NONE, rows, raw, p, len, &used, &made) == MEDVOL_OK && made == raw &&
                used == len);
        } else if (!memcmp(p - 4, "IEND", 4)) ended = len == 0;
        at += 12 + len;
    }
    MUST(ended && at == n);
    unfilter(w, h, step);
    return step;
}
static void compare(const mv_volume *v, const mv_png_opt *o, size_t step) {
    size_t x, y, w = v->dim[0], h = v->ndim > 1 ? v->dim[1] : 1, size = mv_dtype_size(v->dtype), k;
    int window = v->dtype != MEDVOL_RGB24 && v->dtype != MEDVOL_RGBA32 &&
        (v->dtype != MEDVOL_U8 || o->lo < o->hi);
    for (y = 0; y < h; y++) {
        const uint8_t *s = (const uint8_t *)v->data + (v->ndim > 1 ? y * (size_t)v->stride[1] * size : 0);
        for (x = 0; x < w && !window; x++)
            for (k = 0; k < size; k++)
                MUST(s[x * size + k] == pixel[(y * w + x) * step + (step == 1 ? 0 : k)]);
        for (x = 0; x < w && window && o->lo < o->hi; x++) {
            double value, grey;
            MUST(mv_convert_array(NULL, &value, MEDVOL_F64, s + x * size, v->dtype, 1, v->slope, v->inter) ==
                MEDVOL_OK);
            grey = 255 * ((value - o->lo) / (o->hi - o->lo));
            grey = grey >= 255 ? 255 : grey > 0 ? grey : 0; /* NaN too */
            MUST(step == 1 && fabs(grey - pixel[y * w + x]) <= 0.5000001);
        }
    }
}
static mv_status op_png(fz_step *s) {
    mv_png_opt o;
    mv_status st;
    size_t made = 0, bound = mv_png_bound(s->src), cap = bound;
    o.level = (int)(fz_byte() % 12) - 1;
    o.lo = fz_number() * 20, o.hi = fz_number() * 20;
    if (fz_byte() & 1) o.hi = o.lo = 0;
    if (bound > ROOM) return MEDVOL_OK;
    if (fz_byte() > 200) cap = bound * fz_byte() / 256;
    st = mv_save_png_mem(s->ctx, png, cap, s->src, &o, &made);
    if (st < 0) return st;
    MUST(made <= cap && bound);
    s->hash = fz_hash(s->hash, png, made);
    compare(s->src, &o, read_back(made, s->src->dim[0], s->src->ndim > 1 ? s->src->dim[1] : 1));
    return st;
}
static const fz_op ops[] = {op_png};
FUZZ(png) { return fz_steps(p, n, ops, 1, 1 << 20); }
