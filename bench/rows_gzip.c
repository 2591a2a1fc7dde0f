/* rows_gzip.c - checksums, deflate streams, gzip files; the data are the voxels of a noisy head. */
#define BENCH_MARK_CALLS
#include "bench.h"

static size_t size(const bench *b) { return bench_bytes(&b->in); }
/* The compressed data lie in aux[0]; aux[1] has room to compress to. */
static mv_status out_room(bench *b) { return bench_room(b, &b->out, size(b)); }
static double byte_of_in(const bench *b, size_t i) { return ((const unsigned char *)b->in.data)[i]; }

/* ---- checksums ---- */
static mv_status crc32(bench *b) {
    b->numbers = 1;
    b->number[0] = mv_crc32(0, b->in.data, size(b));
    return MEDVOL_OK;
}
static mv_status crc32_halves(bench *b) {
    const unsigned char *p = (const unsigned char *)b->in.data;
    size_t half = size(b) / 2, rest = size(b) - half;
    uint32_t first = mv_crc32(0, p, half), second = mv_crc32(0, p + half, rest);
    b->numbers = 1;
    b->number[0] = mv_crc32_combine(first, second, rest);
    return MEDVOL_OK;
}
static double want_crc32(const bench *b, size_t i) { /* bit by bit */
    uint32_t c = 0xffffffffu;
    size_t k, n = size(b);
    int bit;
    (void)i;
    for (k = 0; k < n; k++)
        for (c ^= ((const unsigned char *)b->in.data)[k], bit = 0; bit < 8; bit++)
            c = c >> 1 ^ (c & 1 ? 0xedb88320u : 0);
    return c ^ 0xffffffffu;
}
static mv_status adler32(bench *b) {
    b->numbers = 1;
    b->number[0] = mv_adler32(1, b->in.data, size(b));
    return MEDVOL_OK;
}
static double want_adler32(const bench *b, size_t i) {
    uint32_t s = 1, t = 0;
    size_t k, n = size(b);
    (void)i;
    for (k = 0; k < n; k++) {
        s = (s + ((const unsigned char *)b->in.data)[k]) % 65521u;
        t = (t + s) % 65521u;
    }
    return t * 65536.0 + s;
}

/* ---- deflate ---- */
/* Level 6 takes its time, so what it made is kept for the other sets and rows of the same voxels. */
enum { RAW, ZLIB, PLAIN, BLOCK };
static mv_status compressed(bench *b, void *dst, size_t room, int kind, size_t *made) {
    mv_gzip_opt opt = {0};
    opt.level = 6;
    opt.container = kind == BLOCK ? MEDVOL_GZIP_MGZIP : MEDVOL_GZIP_PLAIN;
    if (kind == RAW) return mv_deflate(b->ctx, dst, room, b->in.data, size(b), 6, made);
    if (kind == ZLIB) return mv_deflate_zlib(b->ctx, dst, room, b->in.data, size(b), 6, made);
    return mv_gzip_pack(b->ctx, dst, room, b->in.data, size(b), &opt, made);
}
static mv_status stream_setup(bench *b, int kind) {
    static struct { void *data; size_t n, of; uint32_t crc; } kept[4];
    uint32_t crc = mv_crc32(0, b->in.data, size(b));
    mv_status st = MEDVOL_OK;
    if (kept[kind].of != size(b) || kept[kind].crc != crc) {
        mv_gzip_opt opt = {0};
        size_t room = mv_gzip_bound(size(b), &opt);
        free(kept[kind].data);
        memset(&kept[kind], 0, sizeof kept[kind]);
        if ((kept[kind].data = malloc(room)) == NULL) return MEDVOL_E_NOMEM;
        st = compressed(b, kept[kind].data, room, kind, &kept[kind].n);
        kept[kind].of = size(b);
        kept[kind].crc = crc;
    }
    if (st >= 0) st = bench_room(b, &b->aux[0], kept[kind].n);
    if (st >= 0) memcpy(b->aux[0].data, kept[kind].data, kept[kind].n);
    return st < 0 ? st : out_room(b);
}
static mv_status inflate_setup(bench *b) { return stream_setup(b, RAW); }
static mv_status zlib_setup(bench *b) { return stream_setup(b, ZLIB); }
static mv_status plain_setup(bench *b) { return stream_setup(b, PLAIN); }
static mv_status block_setup(bench *b) { return stream_setup(b, BLOCK); }
static mv_status inflate(bench *b) {
    return mv_inflate(b->ctx, b->out.data, size(b), b->aux[0].data, b->aux[0].dim[0], NULL, NULL);
}
static mv_status inflate_zlib(bench *b) {
    if (mv_inflate_bound(b->aux[0].dim[0]) < size(b)) return MEDVOL_E_SIZE;
    return mv_inflate_zlib(b->ctx, b->out.data, size(b), b->aux[0].data, b->aux[0].dim[0], NULL, NULL);
}
static mv_status room_setup(bench *b) {
    return bench_room(b, &b->aux[1], mv_deflate_bound(size(b)));
}
#define DEFLATE(level)                                                                                       \
    static mv_status deflate_##level(bench *b) {                                                             \
        return mv_deflate(                                                                                   \
            b->ctx, b->aux[1].data, b->aux[1].dim[0], b->in.data, size(b), level, &b->packed);               \
    }
DEFLATE(1)
DEFLATE(6)
DEFLATE(9)
static mv_status deflate_zlib(bench *b) {
    size_t room = mv_deflate_bound(size(b));
    return room != b->aux[1].dim[0] ? MEDVOL_E_SIZE :
        mv_deflate_zlib(b->ctx, b->aux[1].data, room, b->in.data, size(b), 6, &b->packed);
}
/* Decodes what was made with the kind of stream it is, and compares. */
static int differs(bench *b, int kind) {
    void *back = malloc(size(b));
    size_t n = size(b), made = 0;
    mv_gzip_info info;
    mv_status st;
    memset(&info, 0, sizeof info);
    if (!back) return 1;
    if (kind == 0) st = mv_inflate(b->ctx, back, n, b->aux[1].data, b->packed, NULL, &made);
    else if (kind == 1) st = mv_inflate_zlib(b->ctx, back, n, b->aux[1].data, b->packed, NULL, &made);
    else st = mv_gzip_unpack(b->ctx, back, n, b->aux[1].data, b->packed, &info), made = (size_t)info.dst_n;
    kind = st < 0 || made != n || memcmp(back, b->in.data, n) != 0;
    free(back);
    return kind;
}
static int check_raw(bench *b) { return differs(b, 0); }
static int check_zlib(bench *b) { return differs(b, 1); }
static int check_gzip(bench *b) { return differs(b, 2); }

/* ---- gzip files in memory ---- */
static mv_status unpack(bench *b) {
    return mv_gzip_unpack(b->ctx, b->out.data, size(b), b->aux[0].data, b->aux[0].dim[0], NULL);
}
static mv_status pieces(bench *b) { /* a reader: half in one read, a bit skipped and written down, the rest */
    mv_gzip_reader *r = NULL;
    unsigned char *d = (unsigned char *)b->out.data;
    size_t n = size(b), half = n / 2;
    mv_status st = mv_gzip_open_mem(b->ctx, &r, b->aux[0].data, b->aux[0].dim[0]);
    if (st >= 0) st = mv_gzip_read(b->ctx, r, d, half, NULL);
    if (st >= 0) st = mv_gzip_skip(b->ctx, r, 16, NULL);
    if (st >= 0) st = mv_gzip_read(b->ctx, r, d + half + 16, n - half - 16, NULL);
    if (st >= 0 && mv_gzip_tell(r) != n) st = MEDVOL_E_CORRUPT;
    if (st >= 0) st = mv_gzip_finish(b->ctx, r, 0, NULL);
    mv_gzip_close(b->ctx, r);
    if (st >= 0) memcpy(d + half, (const char *)b->in.data + half, 16);
    return st;
}
typedef struct source {
    const unsigned char *p;
    size_t n, at;
} source;
static ptrdiff_t pull(void *user, void *dst, size_t n) {
    source *s = (source *)user;
    if (n > s->n - s->at) n = s->n - s->at;
    memcpy(dst, s->p + s->at, n);
    s->at += n;
    return (ptrdiff_t)n;
}
static mv_status pulled(bench *b) {
    mv_gzip_reader *r = NULL;
    source s;
    mv_status st = mv_gzip_is(b->aux[0].data, b->aux[0].dim[0]) ? MEDVOL_OK : MEDVOL_E_FORMAT;
    s.p = (const unsigned char *)b->aux[0].data, s.n = b->aux[0].dim[0], s.at = 0;
    if (st >= 0) st = mv_gzip_open(b->ctx, &r, pull, &s);
    if (st >= 0) st = mv_gzip_read(b->ctx, r, b->out.data, size(b), NULL);
    mv_gzip_close(b->ctx, r);
    return st;
}
static ptrdiff_t pull_at(void *user, void *dst, size_t n, uint64_t offset) {
    const source *s = (const source *)user;
    if (offset > s->n || n > s->n - offset) return -1;
    memcpy(dst, s->p + offset, n);
    return (ptrdiff_t)n;
}
static mv_status index_only(bench *b) { /* found twice, in memory and through a callback */
    mv_gzip_index index;
    source s;
    size_t first = 0, count = 0;
    mv_status st = mv_gzip_index_mem(b->ctx, &index, b->aux[0].data, b->aux[0].dim[0]);
    b->numbers = 2;
    b->number[0] = (double)index.dst_n;
    mv_gzip_index_free(b->ctx, &index);
    s.p = (const unsigned char *)b->aux[0].data, s.n = b->aux[0].dim[0], s.at = 0;
    if (st >= 0) st = mv_gzip_index_scan(b->ctx, &index, pull_at, &s, s.n);
    if (st >= 0) st = mv_gzip_index_range(b->ctx, &index, 0, size(b), &first, &count);
    b->number[1] = (double)index.count - (double)count;
    mv_gzip_index_free(b->ctx, &index);
    return st;
}
static double want_index(const bench *b, size_t i) { return i ? 0 : (double)size(b); }
static mv_status index_unpack(bench *b) { /* the middle half only, by way of the index; the rest was there */
    mv_gzip_index index;
    size_t n = size(b);
    mv_status st = mv_gzip_index_mem(b->ctx, &index, b->aux[0].data, b->aux[0].dim[0]);
    if (st >= 0)
        st = mv_gzip_index_unpack(b->ctx, &index, (char *)b->out.data + n / 4, n / 4, n / 4 + n / 2,
            b->aux[0].data, b->aux[0].dim[0]);
    mv_gzip_index_free(b->ctx, &index);
    return st;
}
static mv_status half_setup(bench *b) {
    mv_status st = block_setup(b);
    if (st < 0) return st;
    memcpy(b->out.data, b->in.data, size(b));
    memset((char *)b->out.data + size(b) / 4, 1, size(b) / 2);
    return st;
}
static mv_status members(bench *b) { /* each by itself, as a caller with its own threads does it */
    mv_gzip_index index;
    size_t k;
    mv_status st = mv_gzip_index_mem(b->ctx, &index, b->aux[0].data, b->aux[0].dim[0]);
    if (st >= 0 && b->aux[1].dim[0] < mv_gzip_scratch_size()) st = MEDVOL_E_SPACE;
    for (k = 0; st >= 0 && k < index.count; k++) {
        const mv_gzip_member *m = &index.member[k];
        st = mv_gzip_member_unpack(b->ctx, (char *)b->out.data + m->dst, m->dst_n,
            (const char *)b->aux[0].data + m->src, m->src_n, b->aux[1].data);
    }
    mv_gzip_index_free(b->ctx, &index);
    return st;
}
static mv_status members_setup(bench *b) {
    mv_status st = block_setup(b);
    return st < 0 ? st : bench_room(b, &b->aux[1], mv_gzip_scratch_size());
}
static mv_status pack_setup(bench *b) {
    return bench_room(b, &b->aux[1], mv_gzip_bound(size(b), NULL) + 65536);
}
static mv_status pack(bench *b, int level, int container) {
    mv_gzip_opt opt = {0};
    opt.level = level;
    opt.container = container;
    if (mv_gzip_bound(size(b), &opt) > b->aux[1].dim[0]) return MEDVOL_E_SPACE;
    return mv_gzip_pack(b->ctx, b->aux[1].data, b->aux[1].dim[0], b->in.data, size(b), &opt, &b->packed);
}
static mv_status pack_block(bench *b) { return pack(b, 1, MEDVOL_GZIP_MGZIP); }
static mv_status pack_plain(bench *b) { return pack(b, 1, MEDVOL_GZIP_PLAIN); }
static int put(void *user, const void *src, size_t n) {
    bench *b = (bench *)user;
    if (n > b->aux[1].dim[0] - b->packed) return -1;
    memcpy((char *)b->aux[1].data + b->packed, src, n);
    b->packed += n;
    return 0;
}
static mv_status writer(bench *b) { /* in pieces of 300 KB; one more is begun and given up */
    mv_gzip_writer *w = NULL;
    size_t at, n = size(b);
    mv_status st = mv_gzip_writer_open(b->ctx, &w, put, b, NULL);
    if (st >= 0) mv_gzip_writer_abort(b->ctx, w);
    b->packed = 0;
    if (st >= 0) st = mv_gzip_writer_open(b->ctx, &w, put, b, NULL);
    for (at = 0; st >= 0 && at < n; at += 300000)
        st = mv_gzip_writer_put(b->ctx, w, (const char *)b->in.data + at, n - at < 300000 ? n - at : 300000);
    return st < 0 ? st : mv_gzip_writer_close(b->ctx, w, NULL);
}

const bench_row rows_gzip[] = {
    {"crc32", MEDVOL_I16, crc32, want_crc32, .floor = "r"},
    {"crc32, two halves joined", MEDVOL_I16, crc32_halves, want_crc32, .floor = "r"},
    {"adler32", MEDVOL_I16, adler32, want_adler32, .floor = "r"},
    {"inflate", MEDVOL_I16, inflate, byte_of_in, .floor = "aw", .setup = inflate_setup},
    {"inflate", MEDVOL_F32, inflate, byte_of_in, .floor = "aw", .setup = inflate_setup},
    {"inflate of zlib", MEDVOL_I16, inflate_zlib, byte_of_in, .floor = "aw", .setup = zlib_setup},
    {"deflate level 1", MEDVOL_I16, deflate_1, .check = check_raw, .floor = "r", .setup = room_setup},
    {"deflate level 1", MEDVOL_F32, deflate_1, .check = check_raw, .floor = "r", .setup = room_setup},
    {"deflate level 6", MEDVOL_I16, deflate_6, .check = check_raw, .floor = "r", .setup = room_setup},
    {"deflate level 9", MEDVOL_I16, deflate_9, .check = check_raw, .floor = "r", .setup = room_setup,
        .most = 64},
    {"deflate to zlib, level 6", MEDVOL_I16, deflate_zlib, .check = check_zlib, .floor = "r",
        .setup = room_setup, .most = 64},
    {"gzip unpack", MEDVOL_I16, unpack, byte_of_in, .floor = "aw", .setup = plain_setup},
    {"gzip unpack, blocks", MEDVOL_I16, unpack, byte_of_in, .floor = "aw", .setup = block_setup},
    {"gzip reader, from memory", MEDVOL_I16, pieces, byte_of_in, .floor = "aw", .setup = plain_setup},
    {"gzip reader, by callback", MEDVOL_I16, pulled, byte_of_in, .floor = "aw", .setup = plain_setup},
    {"gzip index", MEDVOL_I16, index_only, want_index, .setup = block_setup},
    {"gzip unpack, half, by index", MEDVOL_I16, index_unpack, byte_of_in, .setup = half_setup},
    {"gzip unpack, by members", MEDVOL_I16, members, byte_of_in, .floor = "aw", .setup = members_setup},
    {"gzip pack level 1", MEDVOL_I16, pack_block, .check = check_gzip, .floor = "r", .setup = pack_setup},
    {"gzip pack level 1, one member", MEDVOL_I16, pack_plain, .check = check_gzip, .floor = "r",
        .setup = pack_setup},
    {"gzip writer", MEDVOL_I16, writer, .check = check_gzip, .floor = "r", .setup = pack_setup},
    {0},
};
