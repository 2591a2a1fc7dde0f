/* fuzz_nifti.c - libFuzzer target: header, full load, load as float, crop and partial load from memory, and
   of what loads the way out and back in. The first byte picks an allocation to fail, the second the options,
   the third where a pair is cut in two. clang -g -O1 -fsanitize=fuzzer,address,undefined -I.
   tests/fuzz/fuzz_nifti.c -lm -lpthread -o build/fuzz_nifti */
#define MEDVOL_IMPLEMENTATION
#define MEDVOL_NO_INTENSITY
#define MEDVOL_NO_SPATIAL
#define MEDVOL_NO_RESAMPLE
#include "medvol.h"
#define FUZZ_LARGEST (8 << 20)
#include "fuzz.h"

static void again(mv_ctx *ctx, const mv_volume *v, unsigned how) {
    mv_save_opt o;
    mv_load_opt lo;
    mv_buffer file, img;
    mv_volume w;
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
    o.version = (how >> 3 & 1) * 2;
    o.container = (int)(how >> 4 & 3);
    if (mv_save_mem(ctx, &file, &img, v, &o) == MEDVOL_OK) {
        lo.img = img.data;
        lo.img_bytes = img.bytes;
        if (mv_load_mem(ctx, &w, file.data, file.bytes, &lo) == MEDVOL_OK) {
            MUST(w.dtype == v->dtype && mv_volume_count(&w) == mv_volume_count(v) &&
                !memcmp(w.data, v->data, n));
            for (i = 0; i < 12; i++) huge |= !(fabs(v->affine[i]) < 1e30);
            /* against the largest: a sheared matrix may hold tiny numbers beside large ones */
            for (i = 0; i < 12; i++)
                MUST(huge ||
                    fabs(w.affine[i] - v->affine[i]) <= 1e-5 *
                            (fabs(v->affine[i]) + fabs(v->affine[i % 4]) + fabs(v->affine[4 + i % 4]) +
                                fabs(v->affine[8 + i % 4]) + 1));
        } else MUST(fail_at && made >= fail_at); /* what was written can be read */
    }
    mv_buffer_free(ctx, &file);
    mv_buffer_free(ctx, &img);
    mv_volume_free(ctx, &w);
}
int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n) {
    mv_ctx ctx;
    mv_ctx_desc d;
    mv_load_opt o;
    mv_volume v;
    size_t at = 0;
    unsigned how;
    int code, k;
    const void *data;
    if (n < 4) return 0;
    memset(&d, 0, sizeof d);
    memset(&v, 0, sizeof v);
    d.threads = 1;
    d.mem_alloc = count_alloc;
    d.mem_free = count_free;
    d.limits.max_bytes = (uint64_t)2 << 20;
    how = p[1];
    d.strict = how >> 7;
    made = fail_at = 0;
    MUST(mv_ctx_init(&ctx, &d) == MEDVOL_OK);
    fail_at = p[0] & 0x80 ? (size_t)(p[0] & 0x7f) + 1 : 0;
    for (k = 0; k < 4; k++) {
        const uint8_t *q = p + 3;
        size_t size = n - 3;
        memset(&o, 0, sizeof o);
        o.analyze = how & 1;
        o.partial = how >> 1 & 1;
        o.fill = 3;
        o.verify = how >> 2 & 1;
        o.max_surplus = 1 << 20;
        o.wide = (int)(how >> 3 & 3);
        if (p[2]) { /* a pair */
            size_t head = (size_t)p[2] * 4 < size ? (size_t)p[2] * 4 : size;
            o.img = q + head;
            o.img_bytes = size - head;
            size = head;
        }
        if (k == 1) o.dtype = how & 0x40 ? MEDVOL_I16 : MEDVOL_F32;
        if (k == 2) {
            o.crop = 1 + (how >> 5 & 1);
            o.start[0] = p[0] & 3;
            o.size[0] = 2;
            o.size[1] = 1;
        }
        if (k < 3) {
            if (mv_load_mem(&ctx, &v, q, size, &o) == MEDVOL_OK) {
                double inverse[12];
                MUST(v.data && mv_affine_invert(inverse, v.affine) == MEDVOL_OK);
                while (mv_nifti_ext_next(v.nifti, &at, &code, &data, &size)) MUST(size < n * 1100);
                again(&ctx, &v, how);
            } else MUST(v.data == NULL && ctx.error.text[0]);
        } else if (mv_load_header_mem(&ctx, &v, q, size, &o) == MEDVOL_OK) MUST(v.data == NULL && v.nifti);
        mv_volume_free(&ctx, &v);
        MUST(blocks == 0);
    }
    mv_ctx_free(&ctx);
    return 0;
}
