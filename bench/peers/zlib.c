/* needs: zlib.h
   libs: -lz */
#include "deflated.h"
#include <zlib.h>

static z_stream unpacker, packer;
static int unpacking, packing;

static int run_crc32(bench *b) {
    b->peer_number[0] = (double)crc32_z(0, (const Bytef *)b->in.data, bench_bytes(&b->in));
    return 0;
}
static int run_adler32(bench *b) {
    b->peer_number[0] = (double)adler32_z(1, (const Bytef *)b->in.data, bench_bytes(&b->in));
    return 0;
}
/* false where a size has more than the 32 bits that a stream takes at once */
static int joins(z_stream *z, const mv_volume *from, mv_volume *to) {
    const size_t n = bench_bytes(from), room = bench_bytes(to);
    z->next_in = (z_const Bytef *)from->data;
    z->avail_in = (uInt)n;
    z->next_out = (Bytef *)to->data;
    z->avail_out = (uInt)room;
    return z->avail_in == n && z->avail_out == room;
}
static int unpack(bench *b) {
    if (inflateReset(&unpacker) != Z_OK || !joins(&unpacker, &b->aux[0], &b->peer)) return 1;
    return inflate(&unpacker, Z_FINISH) != Z_STREAM_END || unpacker.total_out != bench_bytes(&b->peer);
}
static int pack(bench *b) {
    if (deflateReset(&packer) != Z_OK || !joins(&packer, &b->in, &b->aux[1])) return 1;
    return deflate(&packer, Z_FINISH) != Z_STREAM_END || peer_packed(b, packer.total_out);
}
/* A handle serves all working sets. windowBits tell the kind: negative is raw, 16 more is gzip. */
static const int bits[] = {-15, 15, 31};
static int unpacks(int kind) {
    if (!unpacking) unpacking = inflateInit2(&unpacker, bits[kind]) == Z_OK;
    return !unpacking;
}
static int packs(int kind, int level) {
    if (!packing)
        packing = deflateInit2(&packer, level, Z_DEFLATED, bits[kind], 8, Z_DEFAULT_STRATEGY) == Z_OK;
    return !packing;
}
static int from_raw(bench *b) { return (void)b, unpacks(RAW); }
static int from_zlib(bench *b) { return (void)b, unpacks(ZLIB); }
static int from_gzip(bench *b) { return (void)b, unpacks(GZIP); }
static int raw_1(bench *b) { return (void)b, packs(RAW, 1); }
static int raw_6(bench *b) { return (void)b, packs(RAW, 6); }
static int raw_9(bench *b) { return (void)b, packs(RAW, 9); }
static int zlib_6(bench *b) { return (void)b, packs(ZLIB, 6); }
static int gzip_1(bench *b) { return (void)b, packs(GZIP, 1); }
static void done(bench *b) {
    (void)b;
    if (unpacking) inflateEnd(&unpacker);
    if (packing) deflateEnd(&packer);
    unpacking = packing = 0;
}

extern const bench_peer peers_zlib[];
const bench_peer peers_zlib[] = {
    {"zlib", "crc32", MEDVOL_I16, run_crc32},
    {"zlib", "adler32", MEDVOL_I16, run_adler32},
    {"zlib", "inflate", MEDVOL_I16, unpack, .setup = from_raw, .done = done},
    {"zlib", "inflate", MEDVOL_F32, unpack, .setup = from_raw, .done = done},
    {"zlib", "inflate of zlib", MEDVOL_I16, unpack, .setup = from_zlib, .done = done},
    {"zlib", "deflate level 1", MEDVOL_I16, pack, .check = check_raw, .setup = raw_1, .done = done},
    {"zlib", "deflate level 1", MEDVOL_F32, pack, .check = check_raw, .setup = raw_1, .done = done},
    {"zlib", "deflate level 6", MEDVOL_I16, pack, .check = check_raw, .setup = raw_6, .done = done},
    {"zlib", "deflate level 9", MEDVOL_I16, pack, .check = check_raw, .setup = raw_9, .done = done},
    {"zlib", "deflate to zlib, level 6", MEDVOL_I16, pack, .check = check_zlib, .setup = zlib_6,
        .done = done},
    {"zlib", "gzip unpack", MEDVOL_I16, unpack, .setup = from_gzip, .done = done},
    {"zlib", "gzip pack level 1", MEDVOL_I16, pack, .check = check_gzip, .setup = gzip_1, .done = done},
    {"zlib", "gzip pack level 1, one member", MEDVOL_I16, pack, .check = check_gzip, .setup = gzip_1,
        .done = done},
    {0},
};
