/* needs: isa-l.h
   libs: -lisal */
/* Its deepest level, 3, packs less than our 6: only level 1 has rows. */
#include "deflated.h"
#include <isa-l.h>

static int run_crc32(bench *b) {
    b->peer_number[0] = (double)crc32_gzip_refl(0, (const unsigned char *)b->in.data, bench_bytes(&b->in));
    return 0;
}
static int run_adler32(bench *b) {
    b->peer_number[0] = (double)isal_adler32(1, (const unsigned char *)b->in.data, bench_bytes(&b->in));
    return 0;
}
static int unpack(bench *b, uint32_t kind) {
    const size_t n = bench_bytes(&b->aux[0]), room = bench_bytes(&b->peer);
    struct inflate_state s;
    isal_inflate_init(&s);
    s.crc_flag = kind;
    s.next_in = (uint8_t *)b->aux[0].data;
    s.avail_in = (uint32_t)n;
    s.next_out = (uint8_t *)b->peer.data;
    s.avail_out = (uint32_t)room;
    if (s.avail_in != n || s.avail_out != room) return 1;
    return isal_inflate(&s) != ISAL_DECOMP_OK || s.block_state != ISAL_BLOCK_FINISH || s.total_out != room;
}
static int pack(bench *b, uint16_t kind) {
    static uint8_t tables[ISAL_DEF_LVL1_DEFAULT];
    const size_t n = bench_bytes(&b->in), room = bench_bytes(&b->aux[1]);
    struct isal_zstream z;
    isal_deflate_init(&z);
    z.level = 1;
    z.level_buf = tables;
    z.level_buf_size = sizeof tables;
    z.gzip_flag = kind;
    z.end_of_stream = 1;
    z.next_in = (uint8_t *)b->in.data;
    z.avail_in = (uint32_t)n;
    z.next_out = (uint8_t *)b->aux[1].data;
    z.avail_out = (uint32_t)room;
    if (z.avail_in != n || z.avail_out != room) return 1;
    return isal_deflate(&z) != COMP_OK || z.internal_state.state != ZSTATE_END ||
        peer_packed(b, z.total_out);
}
static int unpack_raw(bench *b) { return unpack(b, ISAL_DEFLATE); }
static int unpack_zlib(bench *b) { return unpack(b, ISAL_ZLIB); }
static int unpack_gzip(bench *b) { return unpack(b, ISAL_GZIP); }
static int pack_raw(bench *b) { return pack(b, IGZIP_DEFLATE); }
static int pack_gzip(bench *b) { return pack(b, IGZIP_GZIP); }

extern const bench_peer peers_isal[];
const bench_peer peers_isal[] = {
    {"ISA-L", "crc32", MEDVOL_I16, run_crc32},
    {"ISA-L", "adler32", MEDVOL_I16, run_adler32},
    {"ISA-L", "inflate", MEDVOL_I16, unpack_raw},
    {"ISA-L", "inflate", MEDVOL_F32, unpack_raw},
    {"ISA-L", "inflate of zlib", MEDVOL_I16, unpack_zlib},
    {"ISA-L", "deflate level 1", MEDVOL_I16, pack_raw, .check = check_raw},
    {"ISA-L", "deflate level 1", MEDVOL_F32, pack_raw, .check = check_raw},
    {"ISA-L", "gzip unpack", MEDVOL_I16, unpack_gzip},
    {"ISA-L", "gzip pack level 1", MEDVOL_I16, pack_gzip, .check = check_gzip},
    {"ISA-L", "gzip pack level 1, one member", MEDVOL_I16, pack_gzip, .check = check_gzip},
    {0},
};
