/* fuzz_crop.c - boxes and ranges of volumes taken from files in memory: the same voxels as those of the whole
   file, or refused like it. p[1]: options, p[2..9]: the box and the range. */
#include "fuzz.h"

FUZZ(crop) {
    mv_ctx *c;
    mv_load_opt o, whole;
    mv_volume v, all, box;
    mv_status st, sa;
    size_t start[7] = {0}, size[7], d, bytes;
    if (n < 10) return 0;
    memset(&v, 0, sizeof v);
    memset(&all, 0, sizeof all);
    memset(&box, 0, sizeof box);
    memset(&o, 0, sizeof o);
    c = p[1] & 4 ? fz_begin_pool(p[0], 8 << 20) : fz_begin(p[0], 8 << 20);
    c->desc.limits.max_bytes = (uint64_t)1 << 20;
    fz_level(p[1]);
    o.analyze = 1;
    o.verify = p[1] >> 3 & 1;
    o.max_surplus = p[1] & 16 ? 100 : 0;
    if (p[1] & 32) o.dtype = MEDVOL_F32;
    o.partial = p[1] >> 6 & 1;
    whole = o;
    o.crop = p[2] % 9 - (p[2] == 255);
    for (d = 0; d < 7; d++) {
        unsigned b = p[3 + d % 4] >> (d / 4 * 3);
        o.start[d] = b == 255 ? -1 : b == 254 ? INT64_MAX : (int64_t)(b & 7);
        o.size[d] = b == 253 ? INT64_MAX : (int64_t)(b >> 3 & 7);
    }
    if (p[7] >= 128) o.volume = p[7] & 7, o.volumes = p[8] % 8 - (p[8] == 255), o.crop %= 4;
    p += 10, n -= 10;
    st = mv_load_mem(c, &v, p, n, &o);
    if (st < 0) fz_failed(c, st);
    else MUST(v.data && v.ndim >= 1 && v.ndim <= 7);
    sa = mv_load_mem(c, &all, p, n, &whole);
    if (st == MEDVOL_OK && sa == MEDVOL_OK && !o.volumes && o.crop <= all.ndim) {
        for (d = 0; d < (size_t)all.ndim; d++) {
            start[d] = d < (size_t)o.crop ? (size_t)o.start[d] : 0;
            size[d] = d < (size_t)o.crop ? (size_t)o.size[d] : all.dim[d];
        }
        if (mv_crop(c, &box, &all, start, size, NULL) == MEDVOL_OK) {
            bytes = mv_volume_count(&box) * mv_dtype_size(box.dtype);
            MUST(mv_volume_count(&v) == mv_volume_count(&box) && v.dtype == box.dtype);
            MUST(!memcmp(v.data, box.data, bytes) && !memcmp(v.affine, box.affine, sizeof v.affine));
        } else MUST(fz_refused());
    }
    /* a box of a good file is refused for the box alone */
    if (st < 0 && sa == MEDVOL_OK && !fz_refused()) MUST(st == MEDVOL_E_RANGE || st == MEDVOL_E_LIMIT);
    mv_volume_free(c, &v);
    mv_volume_free(c, &all);
    mv_volume_free(c, &box);
    fz_end();
    return 0;
}
