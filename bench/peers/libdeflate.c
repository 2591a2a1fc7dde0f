/* needs: libdeflate.h
   libs: -ldeflate */
#include "deflated.h"
#include <libdeflate.h>

/* a handle serves all working sets, as its manual advises */
static struct libdeflate_decompressor *unpacker;
static struct libdeflate_compressor *packer;

static int run_crc32(bench *b) {
    b->peer_number[0] = (double)libdeflate_crc32(0, b->in.data, bench_bytes(&b->in));
    return 0;
}
static int run_adler32(bench *b) {
    b->peer_number[0] = (double)libdeflate_adler32(1, b->in.data, bench_bytes(&b->in));
    return 0;
}
#define UNPACK(name, call)                                                                                   \
    static int name(bench *b) { /* without a place for the size, it has to be that of the room */            \
        return call(unpacker, b->aux[0].data, bench_bytes(&b->aux[0]), b->peer.data, bench_bytes(&b->peer),  \
                   NULL) != LIBDEFLATE_SUCCESS;                                                              \
    }
UNPACK(unpack_raw, libdeflate_deflate_decompress)
UNPACK(unpack_zlib, libdeflate_zlib_decompress)
UNPACK(unpack_gzip, libdeflate_gzip_decompress)
#define PACK(name, call)                                                                                     \
    static int name(bench *b) {                                                                              \
        const size_t n = bench_bytes(&b->in), room = bench_bytes(&b->aux[1]);                                \
        return peer_packed(b, call(packer, b->in.data, n, b->aux[1].data, room));                            \
    }
PACK(pack_raw, libdeflate_deflate_compress)
PACK(pack_zlib, libdeflate_zlib_compress)
PACK(pack_gzip, libdeflate_gzip_compress)
static int unpacks(bench *b) {
    (void)b;
    if (!unpacker) unpacker = libdeflate_alloc_decompressor();
    return !unpacker;
}
static int packs(int level) {
    if (!packer) packer = libdeflate_alloc_compressor(level);
    return !packer;
}
static int level_1(bench *b) { return (void)b, packs(1); }
static int level_6(bench *b) { return (void)b, packs(6); }
static int level_9(bench *b) { return (void)b, packs(9); }
static void done(bench *b) {
    (void)b;
    if (unpacker) libdeflate_free_decompressor(unpacker);
    if (packer) libdeflate_free_compressor(packer);
    unpacker = NULL;
    packer = NULL;
}

#define UNPACKS(op, type, run) {"libdeflate", op, MEDVOL_##type, run, .setup = unpacks, .done = done}
#define PACKS(op, type, run, verify, level)                                                                  \
    {"libdeflate", op, MEDVOL_##type, run, .check = verify, .setup = level, .done = done}
extern const bench_peer peers_libdeflate[];
const bench_peer peers_libdeflate[] = {
    {"libdeflate", "crc32", MEDVOL_I16, run_crc32},
    {"libdeflate", "adler32", MEDVOL_I16, run_adler32},
    UNPACKS("inflate", I16, unpack_raw),
    UNPACKS("inflate", F32, unpack_raw),
    UNPACKS("inflate of zlib", I16, unpack_zlib),
    PACKS("deflate level 1", I16, pack_raw, check_raw, level_1),
    PACKS("deflate level 1", F32, pack_raw, check_raw, level_1),
    PACKS("deflate level 6", I16, pack_raw, check_raw, level_6),
    PACKS("deflate level 9", I16, pack_raw, check_raw, level_9),
    PACKS("deflate to zlib, level 6", I16, pack_zlib, check_zlib, level_6),
    UNPACKS("gzip unpack", I16, unpack_gzip),
    PACKS("gzip pack level 1", I16, pack_gzip, check_gzip, level_1),
    PACKS("gzip pack level 1, one member", I16, pack_gzip, check_gzip, level_1),
    {0},
};
