/* test_guard.c - every public function that takes memory, on buffers between unreadable pages. A row of the
   table at the end is called for each length up to four vectors and one element, for each element type it
   names, with buffers that end right before an unreadable page or begin right after one, at offsets of so
   many elements from there, contiguous or with gaps, in place, and with the library's own memory guarded as
   well. Sources cannot be written to; what surrounds a destination must stay as it was; results must be those
   of the scalar level, to the bit or as close as [API] says. `make guard` tries all offsets of a vector,
   `make test` two for each length. To add an operation: a function that takes its buffers from in, out, vin,
   vout, and a row. */
#define API_KIND T_GUARD
#include "test.h"
#include "shift_metric.h"
#include <signal.h>

/* ---- the call under test ------------------------------------------------------------------------------- */
enum { IN_PLACE = 1, VOLUME = 2, HEAVY = 4, FIXED = 8, TO_ARG = 16, FLOATS = 32, INTO = 64 };
typedef struct op {
    const char *name;
    void (*run)(void);
    const mv_dtype *types;
    int arg;
    int flags; /* VOLUME: rows have a voxel at least. HEAVY: slow, or the same loops as another row: one more
                  offset for each length, not all, and half a dozen lengths in `make test`. FIXED: no length.
                  TO_ARG: arg is the type it writes. FLOATS: works in vectors of floats whatever the type.
                  INTO: dst has memory at all times */
    double tol; /* of real results, as a part of the greatest value of their type; 0: to the bit */
} op;
static const op *row;
static mv_dtype TYPE; /* of the row's types, its argument and the length of the call */
static int ARG;
static size_t N;
static struct place {
    int reference;                                /* scalar, contiguous, nothing guarded but the ends */
    int at_start;                                 /* begins after an unreadable page, or ends before one */
    int strided, in_place, own;                   /* own: results and scratch are guarded, too */
    size_t from, to;                              /* elements from there: sources, destinations */
} place;
static size_t calls;
static void fault(int sig) {
    fprintf(stderr,
        "guard: %s %s arg %d, length %zu, level %d: outside its memory or into a source (signal %d; %s, "
        "offsets "
        "%zu and %zu%s%s%s)\n",
        row->name, (mv_dtype_name)(TYPE), ARG, N, t_level, sig, place.at_start ? "begin" : "end", place.from,
        place.to, place.strided ? ", with gaps" : "", place.in_place ? ", in place" : "",
        place.own ? ", own memory guarded" : "");
    exit(1);
}

/* ---- values ---- */
enum { SPAN = 1 << 17, EDGE = 64, SLOTS = 24, CANARY = 0xA5 };
static struct {
    mv_dtype type;
    double most; /* greatest magnitude */
    unsigned char data[2 * SPAN];
} pool[20];
static void make_value(mv_dtype t, unsigned char *p, size_t z) {
    double d = t_bits() % 8 ? t_uniform(-1000, 1000) : 0.0;
    float f = (float)d;
    uint64_t b = t_bits() % 8 ? t_bits() : 0;
    uint16_t h = (uint16_t)(t == MEDVOL_F16 ? (b & 0x83ff) | (8 + b / 65536 % 12) << 10
                                            : (b & 0x807f) | (120 + b / 65536 % 16) << 7);
    size_t i;
    if (t == MEDVOL_F16 || t == MEDVOL_BF16) memcpy(p, &h, 2);
    else if (t == MEDVOL_F32) memcpy(p, &f, 4);
    else if (t == MEDVOL_F64) memcpy(p, &d, 8);
    else if (t == MEDVOL_C64) make_value(MEDVOL_F32, p, 4), make_value(MEDVOL_F32, p + 4, 4);
    else if (t == MEDVOL_C128) make_value(MEDVOL_F64, p, 8), make_value(MEDVOL_F64, p + 8, 8);
    else
        for (i = 0; i < z; i++) p[i] = (unsigned char)(b >> 8 * (i % 8));
}
static int pool_of(mv_dtype t) {
    size_t z = mv_dtype_size(t), i;
    int k;
    for (k = 0; pool[k].type != t && pool[k].type != MEDVOL_NONE; k++) {}
    if (pool[k].type == t) return k;
    pool[k].type = t;
    t_seed((uint64_t)t);
    for (i = 0; i + z <= sizeof pool[k].data; i += z) make_value(t, pool[k].data + i, z);
    for (i = 0; t != MEDVOL_C64 && t != MEDVOL_C128 && z <= 8 && i < sizeof pool[k].data / z; i++)
        pool[k].most = fmax(pool[k].most, fabs((double)t_value(pool[k].data, t, i)));
    if (t == MEDVOL_C64 || t == MEDVOL_C128) pool[k].most = 1000;
    return k;
}
static const unsigned char *prose(void) { /* bytes that repeat themselves, as files do */
    static unsigned char text[SPAN];
    size_t i;
    if (!text[1])
        for (t_seed(2), i = 1; i < sizeof text; i++)
            text[i] = i > 40 && t_bits() % 8 ? text[i - 7 - (i / 50) % 33] : (unsigned char)(t_bits() | 1);
    return text;
}

/* ---- buffers ---- */
typedef struct buffer {
    unsigned char *mem, *p; /* SPAN bytes between unreadable pages; where the buffer is in them */
    unsigned char *image;   /* of a source: what it and its surroundings hold */
    size_t bytes;
    int locked, compared;
    mv_volume lay, v;       /* its voxels; the volume that the call was given */
    int is_volume, is_new;
} buffer;
static buffer sources[SLOTS], targets[SLOTS];
static int ins, outs, shared;

static unsigned char *voxel_row(const mv_volume *v, size_t r) {
    ptrdiff_t at = 0;
    int d;
    for (d = 1; d < v->ndim; r /= v->dim[d], d++) at += (ptrdiff_t)(r % v->dim[d]) * v->stride[d];
    return (unsigned char *)v->data + at * (ptrdiff_t)mv_dtype_size(v->dtype);
}
static size_t rows_of(const mv_volume *v) {
    size_t n = v->dim[0] ? 1 : 0;
    int d;
    for (d = 1; d < v->ndim; d++) n *= v->dim[d];
    return n;
}
static void lay_out(buffer *b, mv_dtype t, const size_t *dim, size_t off) {
    size_t z = mv_dtype_size(t), stride = 1, n = 1;
    int d;
    if (!b->mem) b->mem = (unsigned char *)t_guard(SPAN);
    memset(&b->lay, 0, sizeof b->lay);
    memset(&b->v, 0, sizeof b->v);
    b->lay.dtype = t;
    for (d = 0; d < 4 && (d == 0 || dim[d]); d++) {
        b->lay.dim[d] = dim[d];
        b->lay.stride[d] = (ptrdiff_t)stride;
        n += (dim[d] - 1) * stride;
        stride = stride * dim[d] + (place.strided ? 3 + (size_t)d : 0);
    }
    b->lay.ndim = d;
    b->bytes = n * z;
    b->compared = 1;
    b->is_volume = b->is_new = 0;
    off = off * z % EDGE;
    if (b->bytes + 2 * EDGE > SPAN) abort();
    b->lay.data = b->p = place.at_start ? b->mem + off : b->mem + SPAN - b->bytes - off;
}
/* the buffer and an edge on either side, as far as there is memory */
static unsigned char *around(const buffer *b, size_t *n) {
    unsigned char *lo = b->p - b->mem > EDGE ? b->p - EDGE : b->mem, *hi = b->p + b->bytes;
    hi = b->mem + SPAN - hi > EDGE ? hi + EDGE : b->mem + SPAN;
    *n = (size_t)(hi - lo);
    return lo;
}
/* data laid out in an image of the surroundings, whose gaps hold a byte that would show in a result */
static void fill(buffer *b, const void *data, int gap) {
    size_t n, r, rows = rows_of(&b->lay), run = b->lay.dim[0] * mv_dtype_size(b->lay.dtype);
    unsigned char *lo = around(b, &n);
    if (!b->image) b->image = (unsigned char *)t_guard(SPAN);
    memset(b->image, gap, n);
    for (r = 0; r < rows; r++)
        memcpy(b->image + (voxel_row(&b->lay, r) - lo), (const unsigned char *)data + r * run, run);
    if (memcmp(lo, b->image, n) == 0) return;
    if (b->locked) t_guard_writable(b->mem, SPAN, 1), b->locked = 0;
    memcpy(lo, b->image, n);
}
static void wrap(buffer *b) {
    b->is_volume = 1;
    CHECK_OK(mv_volume_wrap(T, &b->v, b->p, b->lay.dtype, b->lay.ndim, b->lay.dim, b->lay.stride));
    b->v.affine[0] = 1.25, b->v.affine[4] = 0.1, b->v.affine[5] = 1.5, b->v.affine[10] = 2;
    b->v.affine[3] = -20, b->v.affine[7] = 11;
}
static buffer *source(mv_dtype t, const size_t *dim, const void *data) {
    buffer *b = &sources[ins++];
    if (place.in_place && ins == 1) {
        b = &targets[outs++];
        shared = 1;
        lay_out(b, t, dim, place.from);
        fill(b, data, CANARY);
        return b;
    }
    if (ins > SLOTS) abort();
    lay_out(b, t, dim, place.from);
    fill(b, data, place.reference ? 0 : 255);
    if (!b->locked && place.from + place.to + (size_t)place.at_start == 0 && !place.reference && !place.own)
        t_guard_writable(b->mem, SPAN, 0), b->locked = 1;
    return b;
}
static buffer *target(mv_dtype t, const size_t *dim) {
    buffer *b;
    size_t n;
    unsigned char *lo;
    if (shared == 1) return shared = 2, &targets[0];
    b = &targets[outs++];
    if (outs > SLOTS) abort();
    lay_out(b, t, dim, place.to);
    lo = around(b, &n);
    memset(lo, CANARY, n);
    return b;
}
/* n elements to read: of the caller's making, or random ones; to write; to write, but not the same at every
   level (an output that an error leaves half done) */
static const void *given(mv_dtype t, const void *data, size_t n) {
    size_t dim[4] = {0};
    dim[0] = n;
    return source(t, dim, data)->p;
}
static const void *random_values(mv_dtype t) {
    size_t at = (size_t)ins * 960;
    return pool[pool_of(t)].data + at * (mv_dtype_size(t) < 4 ? mv_dtype_size(t) : 1);
}
static const void *in(mv_dtype t, size_t n) { return given(t, random_values(t), n); }
static void *out(mv_dtype t, size_t n) {
    size_t dim[4] = {0};
    dim[0] = n;
    return target(t, dim)->p;
}
static void *room_of(mv_dtype t, size_t n) {
    void *p = out(t, n);
    targets[outs - 1].compared = 0;
    return p;
}
static void *room(size_t n) { return room_of(MEDVOL_U8, n); }
static const size_t *sizes(int n, size_t a, size_t b, size_t c) {
    size_t v[3];
    v[0] = a, v[1] = b, v[2] = c;
    return (const size_t *)given(sizeof(size_t) == 8 ? MEDVOL_U64 : MEDVOL_U32, v, (size_t)n);
}
static const double *numbers(int n, double a, double b, double c) {
    double v[3];
    v[0] = a, v[1] = b, v[2] = c;
    return (const double *)given(MEDVOL_F64, v, (size_t)n);
}
/* volumes of x, y, z, u voxels, 0: no such axis; vout is empty when the call is to allocate */
static mv_volume *vin(mv_dtype t, size_t x, size_t y, size_t z, size_t u) {
    size_t dim[4];
    buffer *b;
    dim[0] = x, dim[1] = y, dim[2] = z, dim[3] = u;
    b = source(t, dim, random_values(t));
    wrap(b);
    return &b->v;
}
static mv_volume *vout(mv_dtype t, size_t x, size_t y, size_t z, size_t u) {
    size_t dim[4];
    buffer *b;
    int same = shared == 1;
    dim[0] = x, dim[1] = y, dim[2] = z, dim[3] = u;
    b = target(t, dim);
    b->is_volume = 1, b->is_new = same || (place.own && !(row->flags & INTO));
    if (!b->is_new) wrap(b);
    return &b->v;
}
static mv_volume *vnew(void) { /* whose shape is the call's affair */
    int own = place.own;
    mv_volume *v;
    place.own = 1;
    v = vout(MEDVOL_U8, 1, 0, 0, 0);
    place.own = own;
    return v;
}

/* ---- results: those of the scalar level are kept, others compared with them ---- */
typedef struct result {
    size_t at, bytes;
    mv_dtype type; /* NONE: to the bit */
} result;
static unsigned char kept[8 * SPAN];
static size_t kept_bytes;
static result kept_list[400];
static int kept_n, seen_n;

static int close_enough(const unsigned char *a, const unsigned char *b, const result *r) {
    size_t i, n = r->bytes / mv_dtype_size(r->type);
    int whole = r->type != MEDVOL_F16 && r->type != MEDVOL_BF16 && r->type != MEDVOL_F32 &&
        r->type != MEDVOL_F64;
    double tol = row->tol * pool[pool_of(TYPE)].most + (whole ? 1 : 0);
    for (i = 0; i < n; i++) {
        double x = (double)t_value(a, r->type, i), y = (double)t_value(b, r->type, i);
        double half = r->type == MEDVOL_F16 ? fabs(x) / 1024 : r->type == MEDVOL_BF16 ? fabs(x) / 128 : 0;
        if (!(fabs(x - y) <= tol + half || x == y)) return 0;
    }
    return 1;
}
static void complain(const char *what) {
    fprintf(stderr, "  %s %s arg %d, length %zu: %s (%s, offsets %zu and %zu%s%s%s)\n", row->name,
        (mv_dtype_name)(TYPE), ARG, N, what, place.at_start ? "begin" : "end", place.from, place.to,
        place.strided ? ", with gaps" : "", place.in_place ? ", in place" : "",
        place.own ? ", own memory guarded" : "");
}
static void note_as(mv_dtype t, const void *data, size_t bytes) {
    result *r = &kept_list[seen_n];
    if (place.reference) {
        if (kept_bytes + bytes > sizeof kept || kept_n == (int)(sizeof kept_list / sizeof *kept_list))
            abort();
        r->at = kept_bytes, r->bytes = bytes, r->type = t;
        if (bytes) memcpy(kept + kept_bytes, data, bytes);
        kept_bytes += bytes, kept_n++;
    } else if (seen_n >= kept_n || r->bytes != bytes || r->type != t) {
        if (!CHECK(!"as many results as the scalar level has")) complain("other results");
    } else if (bytes && memcmp(kept + r->at, data, bytes) &&
        !(row->tol > 0 && t != MEDVOL_NONE && close_enough(kept + r->at, (const unsigned char *)data, r))) {
        if (!CHECK(!"the scalar level's result")) complain("not the scalar level's result");
    }
    seen_n++;
}
static void note(const void *data, size_t bytes) { note_as(MEDVOL_NONE, data, bytes); }
static int did(mv_status st) {
    calls++;
    note(&st, sizeof st);
    return st == MEDVOL_OK;
}
static mv_dtype parts_of(mv_dtype t) { /* complex numbers are compared part by part */
    return t == MEDVOL_C64 ? MEDVOL_F32 : t == MEDVOL_C128 ? MEDVOL_F64 : t;
}
static void note_volume(const mv_volume *v) {
    static unsigned char flat[SPAN];
    size_t r, rows = rows_of(v), run = v->dim[0] * mv_dtype_size(v->dtype);
    if (rows * run > sizeof flat) abort();
    for (r = 0; v->data && r < rows; r++) memcpy(flat + r * run, voxel_row(v, r), run);
    note_as(parts_of(v->dtype), flat, v->data ? rows * run : 0);
    note(v->affine, sizeof v->affine);
}
static void unchanged(const buffer *b) {
    size_t n;
    unsigned char *lo = around(b, &n);
    if (!CHECK(n == 0 || memcmp(lo, b->image, n) == 0)) complain("a source was written to");
}
/* what the call wrote; then nothing else may have changed */
static void collect(buffer *b) {
    size_t n, r, rows = rows_of(&b->lay), run = b->lay.dim[0] * mv_dtype_size(b->lay.dtype);
    unsigned char *lo = around(b, &n);
    if (b->is_volume) {
        if (!b->is_new) CHECK(b->v.data == (void *)b->p);
        note_volume(&b->v);
        mv_volume_free(T, &b->v);
    } else if (b->compared) note_as(b->lay.dtype, b->p, b->bytes);
    for (r = 0; r < rows; r++) memset(voxel_row(&b->lay, r), CANARY, run);
    if (!CHECK(n == 0 || (lo[0] == CANARY && memcmp(lo, lo + 1, n - 1) == 0)))
        complain("written beside the destination");
}

/* ---- the library's own memory, guarded ---- */
static struct {
    unsigned char *mem, *p;
    size_t span, bytes;
} blocks[256];
static size_t behind(size_t k) {
    size_t n = (size_t)(blocks[k].mem + blocks[k].span - blocks[k].p) - blocks[k].bytes;
    return n < EDGE ? n : EDGE;
}
static void *guarded_alloc(void *user, size_t bytes) {
    size_t span = (bytes + 65535) / 65536 * 65536, k = 0;
    (void)user;
    while (blocks[k].mem) k++;
    blocks[k].mem = (unsigned char *)t_guard(span);
    blocks[k].p = blocks[k].mem + (place.at_start ? 0 : (span - bytes) / 16 * 16); /* malloc's alignment */
    blocks[k].span = span, blocks[k].bytes = bytes;
    memset(blocks[k].p + bytes, CANARY, behind(k));
    return blocks[k].p;
}
static void guarded_free(void *user, void *p) {
    size_t k = 0, i;
    (void)user;
    if (!p) return;
    while (blocks[k].p != p) k++;
    for (i = 0; i < behind(k); i++)
        if (!CHECK(blocks[k].p[blocks[k].bytes + i] == CANARY)) { complain("written behind a block"); break; }
    t_guard_free(blocks[k].mem, blocks[k].span);
    memset(&blocks[k], 0, sizeof blocks[k]);
}

/* ---- the operations ------------------------------------------------------------------------------------ */
static const mv_dtype F32[] = {MEDVOL_F32, MEDVOL_NONE}, BYTES[] = {MEDVOL_U8, MEDVOL_NONE},
                      F64[] = {MEDVOL_F64, MEDVOL_NONE},
                      FLOATING[] = {MEDVOL_F32, MEDVOL_F64, MEDVOL_NONE},
                      COMPLEX[] = {MEDVOL_C64, MEDVOL_C128, MEDVOL_NONE},
                      ONE_COMPLEX[] = {MEDVOL_C64, MEDVOL_NONE},
                      C64[] = {MEDVOL_C64, MEDVOL_NONE},
                      SPECTRA[] = {MEDVOL_C64, MEDVOL_F32, MEDVOL_NONE},
                      REALS[] = {MEDVOL_F32, MEDVOL_F64, MEDVOL_I16, MEDVOL_NONE},
                      FOURIER[] = {MEDVOL_C64, MEDVOL_C128, MEDVOL_F32, MEDVOL_I16, MEDVOL_NONE},
                      REAL[] = {MEDVOL_U8, MEDVOL_I8, MEDVOL_U16, MEDVOL_I16, MEDVOL_U32, MEDVOL_I32,
                          MEDVOL_U64, MEDVOL_I64, MEDVOL_F16, MEDVOL_BF16, MEDVOL_F32, MEDVOL_F64,
                          MEDVOL_NONE},
                      SIZES[] = {MEDVOL_U8, MEDVOL_I16, MEDVOL_RGB24, MEDVOL_F32, MEDVOL_F64, MEDVOL_C128,
                          MEDVOL_C256, MEDVOL_NONE},
                      FILED[] = {MEDVOL_U8, MEDVOL_I16, MEDVOL_RGB24, MEDVOL_F32, MEDVOL_C64, MEDVOL_F64,
                          MEDVOL_C128, MEDVOL_NONE},
                      OTHERS[] = {MEDVOL_U8, MEDVOL_I16, MEDVOL_U16, MEDVOL_BF16, MEDVOL_F64, MEDVOL_NONE},
                      COLOUR[] = {MEDVOL_RGB24, MEDVOL_RGBA32, MEDVOL_NONE},
                      IMAGES[] = {MEDVOL_U8, MEDVOL_F32, MEDVOL_NONE},
                      WHOLE[] = {MEDVOL_U8, MEDVOL_I16, MEDVOL_U32, MEDVOL_I64, MEDVOL_NONE},
                      TAKEN[] = {MEDVOL_U8, MEDVOL_I16, MEDVOL_U16, MEDVOL_F32, MEDVOL_BF16, MEDVOL_F64,
                          MEDVOL_NONE};

/* volumes and geometry */
static void op_affine(void) {
    int *axis, *sign;
    double *bcd, *offset, *spacing, *qfac, r;
    const double *a = (const double *)in(MEDVOL_F64, 12), *b = (const double *)in(MEDVOL_F64, 12);
    mv_affine_identity((double *)out(MEDVOL_F64, 12));
    mv_affine_from_spacing((double *)out(MEDVOL_F64, 12), numbers(3, 1, 2, 3), numbers(3, 4, 5, 6));
    mv_affine_mul((double *)out(MEDVOL_F64, 12), a, b);
    did(mv_affine_invert((double *)out(MEDVOL_F64, 12), a));
    r = mv_affine_det(a);
    note(&r, sizeof r);
    mv_affine_spacing((double *)out(MEDVOL_F64, 3), a);
    mv_affine_from_qform((double *)out(MEDVOL_F64, 12), numbers(3, 0.1, 0.2, 0.3), numbers(3, 4, 5, 6),
        numbers(3, 1, 2, 3), -1);
    bcd = (double *)out(MEDVOL_F64, 3), offset = (double *)out(MEDVOL_F64, 3);
    spacing = (double *)out(MEDVOL_F64, 3), qfac = (double *)out(MEDVOL_F64, 1);
    r = mv_affine_to_qform(a, bcd, offset, spacing, qfac);
    note(&r, sizeof r);
    axis = (int *)out(MEDVOL_I32, 3), sign = (int *)out(MEDVOL_I32, 3);
    mv_affine_orientation(a, axis, sign);
    mv_affine_apply((double *)out(MEDVOL_F64, 3), a, numbers(3, 7, 8, 9));
}
static void op_affine_powers(void) {
    static const double m[12] = {0.95, -0.1, 0.1, 40, 0.1, 0.9, -0.1, -30, 0.05, 0.1, 0.8, 7};
    const double *a = (const double *)given(MEDVOL_F64, m, 12), *parts;
    mv_affine_parts p;
    CHECK(did(mv_affine_exp((double *)out(MEDVOL_F64, 12), a)));
    CHECK(did(mv_affine_sqrt((double *)out(MEDVOL_F64, 12), a)));
    CHECK(did(mv_affine_log((double *)out(MEDVOL_F64, 12), a)));
    CHECK(did(mv_affine_decompose((mv_affine_parts *)out(MEDVOL_F64, sizeof p / 8), a,
        numbers(3, 1, 2, 3))));
    if (mv_affine_decompose(&p, m, NULL) < 0) abort();
    parts = (const double *)given(MEDVOL_F64, &p, sizeof p / 8);
    mv_affine_compose((double *)out(MEDVOL_F64, 12), (const mv_affine_parts *)(const void *)parts);
}
static void op_points(void) {
    const double *x = (const double *)in(MEDVOL_F64, N), *a = (const double *)in(MEDVOL_F64, 12),
                 *y = (const double *)in(MEDVOL_F64, N), *z = (const double *)in(MEDVOL_F64, N);
    double *u = (double *)out(MEDVOL_F64, N), *v = (double *)out(MEDVOL_F64, N),
           *w = (double *)out(MEDVOL_F64, N);
    did(mv_affine_apply_points(T, a, u, v, w, x, y, z, N));
}
static void op_world(void) {
    const mv_volume *v = vin(TYPE, 3, 4, 5, 0);
    did(mv_voxel_to_world(v, (double *)out(MEDVOL_F64, 3), numbers(3, 1, 2, 3)));
    did(mv_world_to_voxel(v, (double *)out(MEDVOL_F64, 3), numbers(3, 1, 2, 3)));
    mv_spacing(v, (double *)out(MEDVOL_F64, 3));
    mv_orientation(v, (char *)out(MEDVOL_U8, 4));
}
static void op_copy(void) {
    const mv_volume *s = vin(TYPE, N, 3, 2, 2);
    did(mv_volume_copy(T, vout(TYPE, N, 3, 2, 2), s));
}
static void op_view(void) { /* the view's rows are read by the copy */
    const mv_volume *s = vin(TYPE, N + 2, 4, 0, 0);
    mv_volume view;
    did(mv_volume_view(T, &view, s, sizes(2, 1, 1, 0), sizes(2, N, 2, 0)));
    did(mv_volume_copy(T, vout(TYPE, N, 2, 0, 0), &view));
}
static void op_convert_array(void) {
    mv_dtype to = (mv_dtype)ARG;
    const void *s = in(TYPE, N);
    did(mv_convert_array(T, out(to, N), to, s, TYPE, N, 0, 0));
}
static void op_scale_array(void) {
    mv_dtype to = (mv_dtype)ARG;
    const void *s = in(TYPE, N);
    did(mv_convert_array(T, out(to, N), to, s, TYPE, N, 0.37, -3.5));
}
static void op_convert(void) {
    mv_dtype to = (mv_dtype)ARG;
    mv_volume *s = vin(TYPE, N, 3, 2, 0);
    s->slope = 1.7, s->inter = 0.25;
    did(mv_convert(T, vout(to, N, 3, 2, 0), s, to, NULL));
}
static void op_convert_parts(void) {
    mv_volume *s = vin(MEDVOL_C64, N, 3, 0, 0);
    did(mv_convert(T, vout(MEDVOL_C128, N, 3, 0, 0), s, MEDVOL_C128, NULL));
}

/* gzip: streams are made at the scalar level and kept for the others */
static struct {
    unsigned char data[SPAN];
    size_t n;
} stock[2];
static void op_crc(void) {
    uint32_t c = mv_crc32(5, in(MEDVOL_U8, N * (size_t)ARG), N * (size_t)ARG);
    calls++;
    note(&c, sizeof c);
}
static void op_adler(void) {
    uint32_t c = mv_adler32(1, in(MEDVOL_U8, N * (size_t)ARG), N * (size_t)ARG);
    calls++;
    note(&c, sizeof c);
}
static void op_is(void) {
    static const unsigned char head[4] = {31, 139, 8, 0};
    int is = mv_gzip_is(given(MEDVOL_U8, head, N % 5), N % 5);
    note(&is, sizeof is);
}
/* ARG: level + 16 * length of the text for each N, + 1024: bytes without pattern */
static size_t text_n(void) { return N * (size_t)(ARG / 16 % 64); }
static const unsigned char *text(void) { return ARG >= 1024 ? pool[pool_of(MEDVOL_U16)].data : prose(); }
static void op_inflate(void) {
    size_t n = text_n(), used = 0, made = 0;
    if (place.reference && mv_deflate(T_NONE, stock[0].data, SPAN, text(), n, ARG % 16, &stock[0].n) < 0)
        abort();
    did(mv_inflate(
        T, out(MEDVOL_U8, n), n, given(MEDVOL_U8, stock[0].data, stock[0].n), stock[0].n, &used, &made));
    note(&used, sizeof used), note(&made, sizeof made);
    did(mv_inflate(
        T, room(n), n, given(MEDVOL_U8, stock[0].data, stock[0].n - 1), stock[0].n - 1, NULL, NULL));
    if (n)
        did(mv_inflate(
            T, room(n - 1), n - 1, given(MEDVOL_U8, stock[0].data, stock[0].n), stock[0].n, NULL, NULL));
}
static void op_inflate_zlib(void) {
    size_t n = text_n(), used = 0, made = 0;
    if (place.reference && mv_deflate_zlib(T_NONE, stock[0].data, SPAN, text(), n, ARG % 16, &stock[0].n) < 0)
        abort();
    did(mv_inflate_zlib(
        T, out(MEDVOL_U8, n), n, given(MEDVOL_U8, stock[0].data, stock[0].n), stock[0].n, &used, &made));
    note(&used, sizeof used), note(&made, sizeof made);
    did(mv_inflate_zlib(
        T, room(n), n, given(MEDVOL_U8, stock[0].data, stock[0].n - 3), stock[0].n - 3, NULL, NULL));
}
static void op_deflate(void) {
    size_t n = text_n(), cap = mv_deflate_bound(n), made = 0;
    unsigned char *d = (unsigned char *)room(cap);
    if (did(mv_deflate(T, d, cap, given(MEDVOL_U8, text(), n), n, ARG % 16, &made))) note(d, made);
    d = (unsigned char *)room(cap);
    if (did(mv_deflate_zlib(T, d, cap, given(MEDVOL_U8, text(), n), n, ARG % 16, &made))) note(d, made);
    /* too small a room: what it takes less a byte */
    did(mv_deflate(T, room(made > 7 ? made - 7 : 0), made > 7 ? made - 7 : 0, given(MEDVOL_U8, text(), n), n,
        ARG % 16, &made));
}
static mv_gzip_opt packing(void) {
    mv_gzip_opt o;
    memset(&o, 0, sizeof o);
    o.level = ARG % 16, o.member = 100, o.head = 5;
    return o;
}
static void op_pack(void) {
    size_t n = text_n(), made = 0;
    mv_gzip_opt o = packing();
    size_t cap = mv_gzip_bound(n, &o);
    unsigned char *d = (unsigned char *)room(cap);
    if (did(mv_gzip_pack(T, d, cap, given(MEDVOL_U8, text(), n), n, &o, &made))) note(d, made);
}
static const void *packed(size_t n) {
    mv_gzip_opt o = packing();
    if (place.reference && mv_gzip_pack(T_NONE, stock[1].data, SPAN, text(), n, &o, &stock[1].n) < 0) abort();
    return given(MEDVOL_U8, stock[1].data, stock[1].n);
}
static void op_unpack(void) {
    size_t n = text_n(), first, count;
    mv_gzip_info info;
    mv_gzip_index x;
    const void *s = packed(n);
    did(mv_gzip_unpack(T, out(MEDVOL_U8, n), n, s, stock[1].n, &info));
    note(&info.dst_n, sizeof info.dst_n);
    did(mv_gzip_index_mem(T, &x, s, stock[1].n));
    did(mv_gzip_index_range(T, &x, n / 3, n, &first, &count));
    did(mv_gzip_index_unpack(T, &x, out(MEDVOL_U8, n - n / 3), n / 3, n, s, stock[1].n));
    if (x.count) { /* the last member, alone, and scratch for it */
        const mv_gzip_member *m = &x.member[x.count - 1];
        const void *one = given(MEDVOL_U8, stock[1].data + m->src, m->src_n);
        void *scratch = out(MEDVOL_U64, mv_gzip_scratch_size() / 8);
        targets[outs - 1].compared = 0;
        did(mv_gzip_member_unpack(NULL, out(MEDVOL_U8, m->dst_n), m->dst_n, one, m->src_n,
            scratch));
    }
    mv_gzip_index_free(T, &x);
}
typedef struct stream {
    const unsigned char *p;
    unsigned char *made;
    size_t n, at;
} stream;
static ptrdiff_t stream_read(void *user, void *dst, size_t n) {
    stream *s = (stream *)user;
    if (n > s->n - s->at) n = s->n - s->at;
    if (n > 77) n = 77;
    memcpy(dst, s->p + s->at, n);
    s->at += n;
    return (ptrdiff_t)n;
}
static ptrdiff_t stream_read_at(void *user, void *dst, size_t n, uint64_t at) {
    const stream *s = (const stream *)user;
    if (at > s->n || n > s->n - at) return -1;
    memcpy(dst, s->p + at, n);
    return (ptrdiff_t)n;
}
static int stream_write(void *user, const void *src, size_t n) {
    stream *s = (stream *)user;
    if (n > s->n - s->at) return -1;
    memcpy(s->made + s->at, src, n);
    s->at += n;
    return 0;
}
static void op_reader(void) {
    size_t n = text_n(), part = n / 3, got = 0;
    uint64_t skipped = 0;
    stream s;
    mv_gzip_reader *r = NULL;
    mv_gzip_index x;
    memset(&s, 0, sizeof s);
    s.p = (const unsigned char *)packed(n), s.n = stock[1].n;
    if (did(ARG & 1 ? mv_gzip_open(T, &r, stream_read, &s) : mv_gzip_open_mem(T, &r, s.p, s.n))) {
        did(mv_gzip_read(T, r, out(MEDVOL_U8, part), part, &got));
        did(mv_gzip_skip(T, r, part, &skipped));
        did(mv_gzip_read(T, r, out(MEDVOL_U8, n - part - (size_t)skipped), n - part - (size_t)skipped, &got));
        skipped = mv_gzip_tell(r);
        note(&skipped, sizeof skipped);
        did(mv_gzip_finish(T, r, UINT64_MAX, NULL));
    }
    mv_gzip_close(T, r);
    did(mv_gzip_index_scan(T, &x, stream_read_at, &s, s.n));
    mv_gzip_index_free(T, &x);
}
static void op_writer(void) {
    size_t n = text_n(), part = n / 3;
    const unsigned char *src = (const unsigned char *)given(MEDVOL_U8, text(), n);
    mv_gzip_opt o = packing();
    mv_gzip_writer *w = NULL;
    stream s;
    memset(&s, 0, sizeof s);
    s.n = mv_gzip_bound(n, &o);
    s.made = (unsigned char *)room(s.n);
    if (!did(mv_gzip_writer_open(T, &w, stream_write, &s, &o))) return;
    did(mv_gzip_writer_put(T, w, src, part));
    did(mv_gzip_writer_put(T, w, src + part, n - part));
    did(mv_gzip_writer_close(T, w, NULL));
    note(s.made, s.at);
    did(mv_gzip_writer_open(T, &w, stream_write, &s, &o));
    did(mv_gzip_writer_put(T, w, src, part));
    mv_gzip_writer_abort(T, w);
}

/* files; ARG: 1 big-endian, 2 gzip, 4 a pair, 8 of NumPy, 16 of BART */
static void saved(mv_buffer *file, mv_buffer *img, const mv_volume *v) {
    mv_save_opt o;
    memset(&o, 0, sizeof o);
    o.big_endian = ARG & 1, o.gzip = ARG & 2 ? 1 : 0, o.pair = ARG & 4 ? 1 : 0, o.member = 512;
    o.form = ARG & 8 ? MEDVOL_FORM_NPY : ARG & 16 ? MEDVOL_FORM_CFL : 0;
    memset(img, 0, sizeof *img);
    did(mv_save_mem(T, file, img, v, &o));
}
static void op_save_mem(void) {
    mv_buffer file, img;
    saved(&file, &img, vin(TYPE, N, 3, 2, 0));
    note(file.data, file.bytes), note(img.data, img.bytes);
    mv_buffer_free(T, &file), mv_buffer_free(T, &img);
}
static void op_save_as(void) {
    mv_buffer file;
    mv_save_opt o;
    memset(&o, 0, sizeof o);
    o.dtype = (mv_dtype)ARG, o.version = 2;
    if (!did(mv_save_mem(T, &file, NULL, vin(TYPE, N, 3, 2, 0), &o))) return;
    note(file.data, file.bytes);
    mv_buffer_free(T, &file);
}
/* a file of the volume, made at the scalar level, into memory that there is or that the call makes */
static void file_of_volume(mv_dtype t) {
    mv_buffer file, img;
    mv_volume v;
    size_t dim[3];
    int kept_seen = seen_n, kept_all = kept_n;
    if (!place.reference) return;
    dim[0] = N, dim[1] = 4, dim[2] = 3;
    if (mv_volume_wrap(NULL, &v, pool[pool_of(t)].data, t, 3, dim, NULL) < 0) abort();
    v.slope = t == MEDVOL_RGB24 ? 0 : 1.5, v.inter = t == MEDVOL_RGB24 ? 0 : 2;
    saved(&file, &img, &v);
    seen_n = kept_seen, kept_n = kept_all;
    memcpy(stock[0].data, file.data, stock[0].n = file.bytes);
    if (img.data) memcpy(stock[1].data, img.data, stock[1].n = img.bytes);
    else stock[1].n = 0;
    mv_buffer_free(T, &file), mv_buffer_free(T, &img);
}
static mv_load_opt loading(void) {
    mv_load_opt o;
    memset(&o, 0, sizeof o);
    if (ARG & 20) o.img = given(MEDVOL_U8, stock[1].data, stock[1].n), o.img_bytes = stock[1].n;
    return o;
}
static void op_load_mem(void) {
    const void *p;
    mv_load_opt o;
    file_of_volume(TYPE);
    o = loading();
    p = given(MEDVOL_U8, stock[0].data, stock[0].n);
    did(mv_load_mem(T, vout(TYPE, N, 4, 3, 0), p, stock[0].n, &o));
    o.crop = 3, o.start[1] = 1, o.size[0] = (int64_t)N, o.size[1] = 2, o.size[2] = 3;
    did(mv_load_mem(T, vout(TYPE, N, 2, 3, 0), p, stock[0].n, &o));
}
static void op_load_as(void) {
    mv_load_opt o;
    mv_volume *d;
    const void *p;
    int to = ARG;
    ARG = to == MEDVOL_F64; /* the other byte order, too */
    file_of_volume(TYPE);
    ARG = to;
    memset(&o, 0, sizeof o);
    p = given(MEDVOL_U8, stock[0].data, stock[0].n);
    d = vout(o.dtype = (mv_dtype)to, N, 4, 3, 0);
    did(mv_load_mem(T, d, p, stock[0].n, &o));
}
static void op_load_header(void) {
    mv_volume v;
    memset(&v, 0, sizeof v);
    file_of_volume(TYPE);
    did(mv_load_header_mem(T, &v, given(MEDVOL_U8, stock[0].data, stock[0].n), stock[0].n, NULL));
    note(v.affine, sizeof v.affine);
    mv_volume_free(T, &v);
    /* no more than the header, and cut anywhere */
    did(mv_load_header_mem(T, &v, given(MEDVOL_U8, stock[0].data, N * 2), N * 2, NULL));
    mv_volume_free(T, &v);
}
/* a stream of raw MR data in memory: a text of N bytes, readouts of N samples */
static void op_mrd(void) {
    static unsigned char b[1 << 16];
    mv_mrd_stream *s;
    mv_mrd_message m;
    size_t n = 342 + 12 * N;
    int k;
    memset(b, 0, sizeof b);
    b[0] = 5, b[2] = (unsigned char)N, b[3] = (unsigned char)(N >> 8);
    memset(b + 6, 'x', N);
    for (k = 0; k < 2; k++) {
        unsigned char *p = b + 6 + N + (size_t)k * n;
        size_t i;
        p[0] = 1008 & 255, p[1] = 1008 >> 8;
        p[36] = (unsigned char)N, p[37] = (unsigned char)(N >> 8); /* samples, channels, dimensions */
        p[40] = 1, p[178] = 1;
        for (i = 342; i < n; i++) p[i] = (unsigned char)(i & 63);
    }
    n = 6 + N + 2 * n;
    if (!did(mv_mrd_open_mem(T, &s, given(MEDVOL_U8, b, n), n))) return;
    for (k = 0; k < 4 && did(mv_mrd_next(T, s, &m)); k++) {
        if (m.text) note(m.text, m.text_bytes + 1);
        if (m.samples) note(m.samples, 8 * N), note(m.trajectory, 4 * N);
    }
    mv_mrd_close(T, s);
}
static void op_extension(void) {
    mv_volume v;
    size_t dim[1], at = 0, n;
    const void *p;
    int code;
    dim[0] = 2;
    if (mv_volume_alloc(T, &v, MEDVOL_U8, 1, dim) < 0) abort();
    if (did(mv_nifti_ext_add(T, &v, 6, in(MEDVOL_U8, N), N))) {
        did(mv_nifti_ext_add(T, &v, 4, in(MEDVOL_U8, 3), 3));
        while (mv_nifti_ext_next(v.nifti, &at, &code, &p, &n)) note(p, n);
    }
    mv_volume_free(T, &v);
}
static void op_file(void) { /* through the file system */
    mv_volume m;
    const char *path = t_path(ARG ? "guard.nii.gz" : "guard.nii");
    mv_save_opt o;
    memset(&o, 0, sizeof o);
    memset(&m, 0, sizeof m);
    o.no_sync = 1;
    did(mv_save(T, vin(TYPE, N, 3, 2, 0), path, &o));
    did(mv_load(T, vout(TYPE, N, 3, 2, 0), path, NULL));
    did(mv_load_header(T, &m, path, NULL));
    mv_volume_free(T, &m);
    if (ARG) return;
    did(mv_map(T, &m, path, NULL));
    note_volume(&m);
    mv_volume_free(T, &m);
}

/* pictures */
static void op_png(void) {
    const mv_volume *s = vin(TYPE, N, 3, 0, 0);
    size_t cap = mv_png_bound(s), made = 0;
    unsigned char *d = (unsigned char *)room(cap);
    mv_png_opt o;
    memset(&o, 0, sizeof o);
    o.level = 1;
    if (TYPE != MEDVOL_RGB24 && TYPE != MEDVOL_RGBA32 && (ARG || TYPE != MEDVOL_U8)) o.lo = -50, o.hi = 150;
    if (did(mv_save_png_mem(T, d, cap, s, &o, &made))) note(d, made);
    if (ARG) did(mv_save_png(T, s, t_path("guard.png"), &o));
}
static void op_render(void) {
    mv_render_opt o;
    const mv_volume *s;
    memset(&o, 0, sizeof o);
    o.point = numbers(3, (double)(N / 2), 2, 3);
    o.point_is_voxel = 1, o.nearest = ARG, o.crosshair = ARG, o.max_width = 100;
    s = vin(TYPE, N, 5, 4, 0);
    did(mv_render_planes(T, vnew(), s, &o));
}

/* intensity; ARG: 1 with a mask, 2 nonzero, 4 split */
static void op_stats_f32(void) {
    mv_stats_opt o;
    const float *s = (const float *)in(MEDVOL_F32, N);
    memset(&o, 0, sizeof o);
    o.mask8 = ARG & 1 ? (const uint8_t *)in(MEDVOL_U8, N) : NULL, o.nonzero = ARG & 2;
    did(mv_stats_f32(T, (mv_statistics *)out(MEDVOL_F64, sizeof(mv_statistics) / 8), s, N, &o));
}
static void op_stats_array(void) {
    mv_stats_opt o;
    const void *s = in(TYPE, N);
    memset(&o, 0, sizeof o);
    o.mask8 = ARG & 1 ? (const uint8_t *)in(MEDVOL_U8, N) : NULL, o.nonzero = ARG & 2;
    did(mv_stats_array(
        T, (mv_statistics *)out(MEDVOL_F64, sizeof(mv_statistics) / 8), s, TYPE, N, 1.5, -2, &o));
    did(mv_stats_partial(
        T, (mv_stats_part *)out(MEDVOL_F64, sizeof(mv_stats_part) / 8), s, TYPE, N, 0, 0, &o));
}
static void op_stats(void) {
    mv_stats_opt o;
    size_t n = ARG & 4 ? N : 1;
    mv_volume *s = vin(TYPE, N, 3, 2, 0);
    memset(&o, 0, sizeof o);
    o.mask = ARG & 1 ? vin(MEDVOL_I16, N, 3, 0, 0) : NULL, o.nonzero = ARG & 2, o.split = ARG & 4 ? 1 : 0;
    s->slope = 0.5;
    did(mv_stats(T, (mv_statistics *)out(MEDVOL_F64, n * sizeof(mv_statistics) / 8), s, &o));
}
static void op_stats_fold(void) {
    mv_stats_part p[70];
    size_t i;
    memset(p, 0, sizeof p);
    for (i = 0; i < 70; i++) p[i].n = i + 1, p[i].sum = (double)i, p[i].m2 = 1, p[i].max = 2;
    did(mv_stats_fold(T, (mv_statistics *)out(MEDVOL_F64, sizeof(mv_statistics) / 8),
        (const mv_stats_part *)given(MEDVOL_F64, p, N * (sizeof *p / 8)), N));
}
static void op_percentiles_array(void) {
    mv_percentile_opt o;
    const void *s = in(TYPE, N);
    memset(&o, 0, sizeof o);
    o.mask8 = ARG & 1 ? (const uint8_t *)in(MEDVOL_U8, N) : NULL, o.nonzero = ARG & 2, o.rule = (int)(N % 5);
    did(mv_percentiles_array(
        T, (double *)out(MEDVOL_F64, 3), s, TYPE, N, 0, 0, numbers(3, 0, 50, 99.9), 3, &o));
    if (TYPE == MEDVOL_F32)
        did(mv_percentiles_f32(
            T, (double *)out(MEDVOL_F64, 2), (const float *)s, N, numbers(2, 1, 99, 0), 2, &o));
}
static void op_percentiles(void) {
    mv_percentile_opt o;
    size_t n = ARG & 4 ? 2 : 1;
    const mv_volume *s = vin(TYPE, N, 3, 2, 0);
    memset(&o, 0, sizeof o);
    o.mask = ARG & 1 ? vin(MEDVOL_U8, N, 3, 2, 0) : NULL, o.nonzero = ARG & 2, o.split = ARG & 4 ? 3 : 0;
    did(mv_percentiles(T, (double *)out(MEDVOL_F64, n * 2), s, numbers(2, 10, 75, 0), 2, &o));
    did(mv_median(T, (double *)out(MEDVOL_F64, n), s, &o));
    did(mv_mad(T, (double *)out(MEDVOL_F64, n), (double *)out(MEDVOL_F64, n), s, &o));
}
static void note_hist(const mv_hist *h) {
    note(&h->lo, sizeof h->lo), note(&h->hi, sizeof h->hi), note(&h->total, sizeof h->total);
    note(&h->below, sizeof h->below), note(&h->above, sizeof h->above);
}
static void op_histogram_array(void) {
    mv_histogram_opt o;
    mv_hist h;
    const void *s = in(TYPE, N);
    memset(&o, 0, sizeof o);
    memset(&h, 0, sizeof h);
    o.mask8 = ARG & 1 ? (const uint8_t *)in(MEDVOL_U8, N) : NULL, o.nonzero = ARG & 2, o.clamp = ARG & 1;
    if (ARG & 2) o.lo = -100, o.hi = 200;
    h.bins = 1 + N % 37;
    h.counts = (uint64_t *)out(MEDVOL_U64, h.bins);
    did(mv_histogram_array(T, &h, s, TYPE, N, 0, 0, &o));
    note_hist(&h);
    if (TYPE != MEDVOL_F32) return;
    h.counts = (uint64_t *)out(MEDVOL_U64, h.bins);
    did(mv_histogram_f32(T, &h, (const float *)s, N, &o));
    note_hist(&h);
}
static void op_histogram(void) {
    mv_histogram_opt o;
    mv_hist h;
    mv_volume *s = vin(TYPE, N, 3, 2, 0);
    memset(&o, 0, sizeof o);
    memset(&h, 0, sizeof h);
    o.mask = ARG & 1 ? vin(MEDVOL_F32, N, 1, 2, 0) : NULL;
    h.bins = 50;
    h.counts = (uint64_t *)out(MEDVOL_U64, h.bins);
    did(mv_histogram(T, &h, s, &o));
    note_hist(&h);
}
static void op_otsu(void) {
    uint64_t c[80], folded;
    mv_hist h, parts[2];
    size_t i;
    for (i = 0; i < 80; i++) c[i] = i * i % 17;
    memset(&h, 0, sizeof h);
    h.bins = N + 1, h.hi = 3;
    h.counts = (uint64_t *)(uintptr_t)given(MEDVOL_U64, c, h.bins);
    did(mv_otsu(T, (double *)out(MEDVOL_F64, 1), &h));
    parts[0] = parts[1] = h;
    h.counts = (uint64_t *)out(MEDVOL_U64, h.bins);
    did(mv_histogram_fold(T, &h, (const mv_hist *)given(MEDVOL_F64, parts, sizeof parts / 8), 2));
    folded = h.total;
    note(&folded, sizeof folded);
}
static void op_znorm(void) {
    mv_znorm_opt o;
    const mv_volume *s = vin(TYPE, N, 3, 2, 0);
    memset(&o, 0, sizeof o);
    o.mask = ARG & 1 ? vin(MEDVOL_U8, N, 3, 2, 0) : NULL, o.nonzero = ARG & 2, o.split = ARG & 4 ? 3 : 0;
    did(mv_znorm(T, vout(TYPE == MEDVOL_F64 ? TYPE : MEDVOL_F32, N, 3, 2, 0), s, &o));
}
static void op_znorm_f32(void) {
    mv_znorm_opt o;
    const float *s = (const float *)in(MEDVOL_F32, N);
    memset(&o, 0, sizeof o);
    o.mask8 = ARG & 1 ? (const uint8_t *)in(MEDVOL_U8, N) : NULL, o.nonzero = ARG & 2;
    did(mv_znorm_f32(T, (float *)out(MEDVOL_F32, N), s, N, &o));
}
static void op_rescale(void) {
    mv_rescale_opt o;
    const mv_volume *s = vin(TYPE, N, 3, 2, 0);
    memset(&o, 0, sizeof o);
    o.mask = ARG & 1 ? vin(MEDVOL_I16, N, 3, 2, 0) : NULL, o.nonzero = ARG & 2, o.split = ARG & 4 ? 2 : 0;
    if (ARG & 2) o.range = MEDVOL_RANGE_PERCENTILE, o.lo = 5, o.hi = 95, o.clip = 1;
    did(mv_rescale(T, vout(TYPE == MEDVOL_F64 ? TYPE : MEDVOL_F32, N, 3, 2, 0), s, 0, 1, &o));
}
static void op_rescale_f32(void) {
    const float *s = (const float *)in(MEDVOL_F32, N);
    did(mv_rescale_f32(T, (float *)out(MEDVOL_F32, N), s, N, -1, 1, NULL));
}
static void op_linear(void) {
    mv_volume *s = vin(TYPE, N, 3, 2, 0);
    s->slope = 1.5, s->inter = 4;
    did(mv_linear(T, vout((mv_dtype)ARG, N, 3, 2, 0), s, 0.5, 3));
}
static void op_linear_f32(void) {
    const float *s = (const float *)in(MEDVOL_F32, N);
    did(mv_linear_f32(T, (float *)out(MEDVOL_F32, N), s, N, 0.7, -3));
}
static void op_clamp(void) {
    const mv_volume *s = vin(TYPE, N, 3, 2, 0);
    did(mv_clamp(T, vout(TYPE, N, 3, 2, 0), s, 10, 90));
}
static void op_clamp_f32(void) {
    const float *s = (const float *)in(MEDVOL_F32, N);
    did(mv_clamp_f32(T, (float *)out(MEDVOL_F32, N), s, N, -100, 300));
}
static void op_threshold(void) {
    mv_threshold_opt o;
    const mv_volume *s = vin(TYPE, N, 3, 2, 0);
    memset(&o, 0, sizeof o);
    o.binary = ARG, o.below = 2, o.above = 120;
    did(mv_threshold(T, vout(ARG ? MEDVOL_U8 : TYPE, N, 3, 2, 0), s, 10, 90, &o));
}
static void op_threshold_f32(void) {
    mv_threshold_opt o;
    const float *s = (const float *)in(MEDVOL_F32, N);
    memset(&o, 0, sizeof o);
    o.binary = ARG, o.open = ARG;
    did(mv_threshold_f32(T, (float *)out(MEDVOL_F32, N), s, N, -100, 300, &o));
}
static void op_gamma(void) {
    mv_gamma_opt o;
    const mv_volume *s = vin(TYPE, N, 3, 2, 0);
    memset(&o, 0, sizeof o);
    o.mode = ARG;
    did(mv_gamma(T, vout(TYPE == MEDVOL_F64 ? TYPE : MEDVOL_F32, N, 3, 2, 0), s, 0.7, &o));
}
static void op_gamma_f32(void) {
    mv_gamma_opt o;
    const float *s = (const float *)in(MEDVOL_F32, N);
    memset(&o, 0, sizeof o);
    o.mode = ARG;
    did(mv_gamma_f32(T, (float *)out(MEDVOL_F32, N), s, N, 1.8, &o));
}

/* spatial */
static void op_crop(void) {
    const mv_volume *s = vin(TYPE, N + 3, 4, 3, 0);
    did(mv_crop(T, vout(TYPE, N, 2, 3, 0), s, sizes(3, 1, 1, 0), sizes(3, N, 2, 3), NULL));
}
static void op_pad(void) { /* ARG: the mode */
    mv_pad_opt o;
    size_t before = 1 + N % 5, after = N % 7;
    const mv_volume *s = vin(TYPE, N, 3, 2, 0);
    memset(&o, 0, sizeof o);
    o.mode = (mv_pad_mode)ARG;
    did(mv_pad(
        T, vout(TYPE, N + before + after, 6, 2, 0), s, sizes(3, before, 1, 0), sizes(3, after, 2, 0), &o));
}
static void op_pad_more(void) { /* patterns that repeat */
    mv_pad_opt o;
    const mv_volume *s = vin(TYPE, N, 2, 0, 0);
    memset(&o, 0, sizeof o);
    o.mode = (mv_pad_mode)ARG;
    did(mv_pad(T, vout(TYPE, 4 * N + 1, 7, 0, 0), s, sizes(2, 2 * N + 1, 3, 0), sizes(2, N, 2, 0), &o));
}
static void op_pad_array(void) {
    size_t before = N % 3, after = 2, z = mv_dtype_size(TYPE);
    const void *s = in(TYPE, N * 3);
    did(mv_pad_array(T, out(TYPE, (N + before + after) * 4), s, z, 2, sizes(2, N, 3, 0),
        sizes(2, before, 1, 0), sizes(2, after, 0, 0), (mv_pad_mode)ARG, in(TYPE, 1)));
}
static void op_crop_or_pad(void) {
    const mv_volume *s = vin(TYPE, N, 5, 2, 0);
    did(mv_crop_or_pad(T, vout(TYPE, N / 2 + 3, 3, 4, 0), s, sizes(3, N / 2 + 3, 3, 4), NULL));
}
static void op_foreground(void) { /* one voxel somewhere, or many; ARG: above a threshold */
    mv_foreground_opt o;
    size_t *start, *size;
    const mv_dtype word = sizeof(size_t) == 8 ? MEDVOL_U64 : MEDVOL_U32;
    mv_volume *s = vin(TYPE, N, 3, 2, 0);
    memset(&o, 0, sizeof o);
    if (TYPE != MEDVOL_C128 && TYPE != MEDVOL_RGB24) o.above = ARG, o.threshold = 50;
    start = (size_t *)out(word, 3), size = (size_t *)out(word, 3);
    did(mv_foreground_box(T, start, size, s, &o));
    o.above = 0;
    o.box_start = (size_t *)out(word, 3), o.box_size = (size_t *)out(word, 3);
    if (ARG) o.by = vin(MEDVOL_U8, N, 3, 2, 0);
    did(mv_crop_foreground(T, vnew(), s, &o));
}
static void op_flip(void) { /* ARG: the axes */
    const mv_volume *s = vin(TYPE, N, 3, 2, 0);
    did(mv_flip(T, vout(TYPE, N, 3, 2, 0), s, (unsigned)ARG));
}
/* ARG: rows of the plane that turns: as many as columns, others, whole lines */
static size_t turned_rows(void) {
    return ARG == 0   ? (N < 65 ? N : 65)
           : ARG == 1 ? 1 + N % 19
                      : ARG * (64 / mv_dtype_size(TYPE) ? 64 / mv_dtype_size(TYPE) : 2);
}
static void op_permute(void) {
    static const int turn[4] = {1, 0, 2, 3};
    size_t m = turned_rows(), planes = ARG ? 2 : 1;
    const mv_volume *s = vin(TYPE, N, m, planes, 0);
    did(mv_permute(T, vout(TYPE, m, N, planes, 0), s, (const int *)given(MEDVOL_I32, turn, 3)));
}
static void op_permute_last(void) {
    static const int turn[4] = {3, 1, 0, 2};
    const mv_volume *s = vin(TYPE, N, 2, 3, 5);
    did(mv_permute(T, vout(TYPE, 5, 2, N, 3), s, (const int *)given(MEDVOL_I32, turn, 4)));
}
static void op_rot90(void) {
    const mv_volume *s = vin(TYPE, N, 5, 2, 0);
    did(mv_rot90(T, vout(TYPE, ARG % 2 ? 5 : N, ARG % 2 ? N : 5, 2, 0), s, ARG, 0, 1));
}
static void op_reorient(void) {
    const mv_volume *s = vin(TYPE, N, 5, 2, 0);
    did(mv_reorient(T, vout(TYPE, 2, N, 5, 0), s, (const char *)given(MEDVOL_U8, "ILP", 4), NULL));
}
static void op_permute_array(void) { /* rows apart, backwards */
    ptrdiff_t ss[2];
    const int turn[2] = {ARG % 2, 1 - ARG % 2};
    size_t m = 1 + N % 11, z = mv_dtype_size(TYPE);
    const mv_dtype word = sizeof(size_t) == 8 ? MEDVOL_I64 : MEDVOL_I32;
    const unsigned char *s = (const unsigned char *)in(TYPE, N * m + (m - 1) * 2);
    ss[0] = 1, ss[1] = (ptrdiff_t)N + 2;
    did(mv_permute_array(T, out(TYPE, N * m), NULL, s, (const ptrdiff_t *)given(word, ss, 2), z, 2,
        sizes(2, N, m, 0), (const int *)given(MEDVOL_I32, turn, 2), (unsigned)ARG / 2));
}

/* resampling; ARG: interpolation, 8 * border, 64: antialias, 128: fewer voxels */
static mv_resample_opt resampling(mv_dtype t) {
    mv_resample_opt o;
    memset(&o, 0, sizeof o);
    o.interp = (mv_interp)(ARG % 8), o.border = (mv_border)(ARG / 8 % 8), o.antialias = ARG & 64 ? 1 : 0;
    o.dtype = t;
    return o;
}
static mv_dtype resampled(void) { return ARG % 8 == MEDVOL_NEAREST || ARG & 256 ? TYPE : MEDVOL_F32; }
static size_t stretched(void) { return ARG & 128 ? N / 2 + 1 : N + N / 2 + 1; }
static void op_shape(void) {
    mv_resample_opt o = resampling(resampled());
    size_t m = stretched();
    mv_volume *s = vin(TYPE, N, 4, 3, 0);
    s->slope = ARG & 128 ? 0.5 : 0, s->inter = 3;
    did(mv_resample_shape(T, vout(resampled(), m, 5, 2, 0), s, sizes(3, m, 5, 2), &o));
}
static void op_shape_y(void) { /* rows as they are */
    mv_resample_opt o = resampling(resampled());
    const mv_volume *s = vin(TYPE, N, 4, 3, 0);
    did(mv_resample_shape(
        T, vout(resampled(), N, ARG & 128 ? 2 : 7, 4, 0), s, sizes(3, N, ARG & 128 ? 2 : 7, 4), &o));
}
static void op_spacing(void) {
    mv_resample_opt o = resampling(resampled());
    mv_volume *s = vin(TYPE, N, 4, 3, 0);
    mv_affine_from_spacing(s->affine, (const double[3]){1, 1.5, 2}, NULL);
    did(mv_resample_spacing(T, vout(resampled(), 2 * N, 6, 6, 0), s, numbers(3, 0.5, 1, 1), &o));
}
static void op_like(void) {
    mv_resample_opt o = resampling(resampled());
    mv_volume *s = vin(TYPE, N, 4, 3, 0), *grid = vin(TYPE, N, 5, 2, 0);
    grid->affine[1] = 0.2, grid->affine[2] = -0.1, grid->affine[3] = -19;
    did(mv_resample_like(T, vout(resampled(), N, 5, 2, 0), s, grid, &o));
}
static const double *turning(void) {
    static const double m[12] = {0.9, -0.2, 0.1, 0.4, 0.15, 0.8, -0.1, 0.3, 0.05, 0.1, 0.7, 0};
    return (const double *)given(MEDVOL_F64, m, 12);
}
static void op_turn(void) {
    mv_resample_opt o = resampling(resampled());
    const mv_volume *s = vin(TYPE, N, 4, 3, 0);
    did(mv_resample_affine(T, vout(resampled(), N + 2, 5, 4, 0), s, turning(), sizes(3, N + 2, 5, 4), &o));
}
/* warps through an affine, a field on the grid's own voxels, one on others, a spline. ARG: interpolation, 8 *
   border; 64: labels, 128: the first field alone, 256: the result in the source's type */
static mv_volume *field_of(size_t x, size_t y, size_t z) {
    static float some[3 * 960];
    size_t dim[4], i;
    buffer *b;
    const float *r = (const float *)(const void *)pool[pool_of(MEDVOL_F32)].data;
    dim[0] = x, dim[1] = y, dim[2] = z, dim[3] = 3;
    if (x * y * z * 3 > sizeof some / sizeof *some) abort();
    for (i = 0; i < x * y * z * 3; i++) some[i] = r[i] * 3e-3f;
    b = source(MEDVOL_F32, dim, some);
    wrap(b);
    b->v.ndim = 5;
    b->v.dim[3] = 1, b->v.dim[4] = 3, b->v.stride[4] = b->v.stride[3];
    return &b->v;
}
static size_t chain_of(mv_transform *t) {
    static const double m[12] = {0.95, -0.1, 0.1, 0.4, 0.1, 0.9, -0.1, 0.3, 0.05, 0.1, 0.8, 0};
    mv_volume *other;
    memset(t, 0, 4 * sizeof *t);
    t[0].kind = t[1].kind = MEDVOL_TRANSFORM_FIELD;
    t[2].kind = MEDVOL_TRANSFORM_AFFINE, t[3].kind = MEDVOL_TRANSFORM_BSPLINE;
    t[0].field = field_of(N, 4, 3);
    if (ARG & 128) return 1;
    t[1].field = other = field_of(N, 2, 3);
    other->affine[1] = 0.2, other->affine[9] = -0.1;
    memcpy(t[2].affine, m, sizeof m);
    t[3].field = field_of(3, 2, N);
    return 4;
}
static void op_warp(void) {
    mv_transform t[4];
    mv_warp_opt o;
    const mv_volume *s = vin(TYPE, N, 4, 3, 0), *grid = vin(MEDVOL_U8, N, 4, 3, 0);
    size_t n = chain_of(t);
    memset(&o, 0, sizeof o);
    o.interp = (mv_interp)(ARG % 8), o.border = (mv_border)(ARG / 8 % 8), o.labels = (ARG & 64) != 0;
    o.dtype = ARG & 256 || o.labels || o.interp == MEDVOL_NEAREST ? TYPE : MEDVOL_F32;
    did(mv_warp(T, vout(o.dtype, N, 4, 3, 0), s, grid, t, n, &o));
}
static void op_chain_field(void) {
    mv_transform t[4];
    const mv_volume *grid = vin(TYPE, N, 4, 3, 0);
    mv_volume *d = vnew();
    size_t n = chain_of(t);
    did(mv_transform_field(T, d, grid, t, n));
}
static void op_chain_points(void) {
    mv_transform t[4];
    const double *x = (const double *)in(TYPE, N), *y = (const double *)in(TYPE, N);
    const double *z = (const double *)in(TYPE, N);
    double *xo = (double *)out(TYPE, N), *yo = (double *)out(TYPE, N), *zo = (double *)out(TYPE, N);
    size_t n = chain_of(t);
    did(mv_transform_points(T, xo, yo, zo, x, y, z, N, t, n));
}
static void op_shape_f32(void) {
    mv_resample_opt o = resampling(MEDVOL_NONE);
    size_t m = stretched();
    const float *s = (const float *)in(MEDVOL_F32, N * 6);
    did(mv_resample_shape_f32(
        T, (float *)out(MEDVOL_F32, m * 8), sizes(3, m, 4, 2), s, sizes(3, N, 3, 2), &o));
}
static void op_turn_f32(void) {
    mv_resample_opt o = resampling(MEDVOL_NONE);
    const float *s = (const float *)in(MEDVOL_F32, N * 12);
    did(mv_resample_affine_f32(
        T, (float *)out(MEDVOL_F32, N * 8), sizes(3, N, 4, 2), s, sizes(3, N, 4, 3), turning(), &o));
}
/* filters; ARG: border, 5 for clipped windows, 8: wide, 16: along single axes */
static mv_dtype filtered(void) { return ARG & 32 ? TYPE : MEDVOL_F32; }
static void op_gaussian(void) {
    mv_gaussian_opt o;
    const double wide = ARG & 8 ? 3.3 : 0.8;
    const mv_volume *s = vin(TYPE, N, 4, 3, 0);
    memset(&o, 0, sizeof o);
    o.border = (mv_border)(ARG % 8), o.value = 5, o.voxels = 1, o.dtype = filtered();
    did(mv_gaussian(T, vout(filtered(), N, 4, 3, 0), s,
        numbers(3, ARG & 16 ? 0 : wide, 1, ARG & 16 ? 0 : 1.5), &o));
}
static void op_box_mean(void) {
    mv_box_opt o;
    const mv_volume *s = vin(TYPE, N, 4, 3, 0);
    memset(&o, 0, sizeof o);
    o.clip = ARG % 8 == 5, o.border = (mv_border)(ARG % 8 % 5), o.value = 5, o.dtype = filtered();
    did(mv_box_mean(T, vout(filtered(), N, 4, 3, 0), s,
        sizes(3, ARG & 16 ? 0 : ARG & 8 ? 10 : 2, 1, ARG & 16 ? 0 : 2), &o));
}
static void op_pyramid(void) { /* two or three levels; spacings of 1.25, 1.5 and 2 */
    const size_t x = N / 2 + N % 2, two = N > 1 ? 3 : 2;
    const mv_volume *s = vin(TYPE, N, 6, 4, 0);
    mv_volume *v[3], lv[3];
    mv_pyramid_opt o;
    size_t k, n;
    memset(&o, 0, sizeof o);
    o.least = 1;
    n = mv_pyramid_levels(s, &o);
    note(&n, sizeof n);
    v[0] = vout(MEDVOL_F32, N, 6, 4, 0);
    v[1] = vout(MEDVOL_F32, x, 3, N > 1 ? 4 : 2, 0);
    v[2] = two > 2 ? vout(MEDVOL_F32, x / 2 + x % 2, 3, 2, 0) : NULL;
    for (k = 0; k < two; k++) lv[k] = *v[k];
    did(mv_pyramid(T, lv, two, s, &o));
    for (k = 0; k < two; k++) *v[k] = lv[k];
}
/* transforms; ARG: MEDVOL_FFT_* flags, 64 * which: all axes, columns along y, lines along x, both in an order
   of their own */
static void op_fft(void) {
    mv_fft_desc d;
    mv_fft_plan plan;
    const int real = (ARG & MEDVOL_FFT_REAL) != 0, back = real && (ARG & MEDVOL_FFT_INVERSE), how = ARG / 64;
    const size_t m = N + (how == 2 ? 7 : how == 3 ? 4 : 3), low = how == 1; /* odd, prime, even: any step */
    size_t whole, half;
    const void *s;
    memset(&d, 0, sizeof d);
    d.ndim = 2;
    d.dtype = TYPE == MEDVOL_F32 ? MEDVOL_C64 : MEDVOL_C128;
    d.flags = (unsigned)ARG % 64;
    d.axes = how == 1 ? 2 : how == 2 ? 1 : 3;
    d.dim[low] = m;
    d.dim[!low] = N ? N : 1;
    whole = d.dim[0] * d.dim[1] * (real ? 1 : 2);
    half = real ? (m / 2 + 1) * d.dim[!low] * 2 : whole;
    if (how == 3 && !back) d.in_stride[0] = (ptrdiff_t)d.dim[1], d.in_stride[1] = 1;
    s = in(TYPE, back ? half : whole);
    if (!did(mv_fft_plan_init(T, &plan, &d))) return;
    did(mv_fft_plan_execute(T, &plan, out(TYPE, back ? whole : half), s));
    mv_fft_plan_free(T, &plan);
}
static void op_fft_long(void) { /* rows and columns */
    mv_fft_desc d;
    mv_fft_plan plan;
    const void *s;
    memset(&d, 0, sizeof d);
    d.ndim = 1;
    d.dtype = TYPE == MEDVOL_F32 ? MEDVOL_C64 : MEDVOL_C128;
    d.dim[0] = 2048;
    d.flags = MEDVOL_FFT_CENTERED;
    s = in(TYPE, 2 * d.dim[0]);
    if (!did(mv_fft_plan_init(T, &plan, &d))) return;
    did(mv_fft_plan_execute(T, &plan, out(TYPE, 2 * d.dim[0]), s));
    mv_fft_plan_free(T, &plan);
}
static void op_fft_along(void) { /* contiguous lines by themselves; ARG: groups of their last pass */
    mv_fft_desc d;
    mv_fft_plan plan;
    const void *s;
    memset(&d, 0, sizeof d);
    d.ndim = 2;
    d.axes = 1;
    d.dtype = TYPE == MEDVOL_F32 ? MEDVOL_C64 : MEDVOL_C128;
    d.dim[0] = (size_t)ARG * (TYPE == MEDVOL_F32 ? 16 : 8), d.dim[1] = N;
    if (ARG != 20 && ARG % 2 == 0) d.flags = MEDVOL_FFT_CENTERED;
    s = in(TYPE, 2 * d.dim[0] * N);
    if (!did(mv_fft_plan_init(T, &plan, &d))) return;
    did(mv_fft_plan_execute(T, &plan, out(TYPE, 2 * d.dim[0] * N), s));
    mv_fft_plan_free(T, &plan);
}
static void op_fft_with(void) { /* in the caller's scratch */
    mv_fft_desc d;
    mv_fft_plan plan;
    const void *s;
    void *t;
    memset(&d, 0, sizeof d);
    d.ndim = 2;
    d.dim[0] = N + 1, d.dim[1] = 6;
    d.dtype = TYPE == MEDVOL_F32 ? MEDVOL_C64 : MEDVOL_C128;
    s = in(TYPE, 12 * (N + 1));
    if (!did(mv_fft_plan_init(T, &plan, &d))) return;
    t = t_guard(mv_fft_plan_scratch_size(&plan));
    did(mv_fft_plan_execute_with(&plan, out(TYPE, 12 * (N + 1)), s, t));
    t_guard_free(t, mv_fft_plan_scratch_size(&plan));
    mv_fft_plan_free(T, &plan);
}
static mv_dtype complex_of(mv_dtype t) {
    return t == MEDVOL_F64 || t == MEDVOL_C128 ? MEDVOL_C128 : MEDVOL_C64;
}
static mv_dtype floating_of(mv_dtype t) { return t == MEDVOL_I16 ? MEDVOL_F32 : t; }
static void op_fft_call(void) { /* to more along y, less along x; copied first or not */
    mv_fft_opt o;
    const mv_volume *s = vin(TYPE, N, 3, 2, 0);
    memset(&o, 0, sizeof o);
    o.flags = MEDVOL_FFT_CENTERED;
    o.axes = 3;
    o.shape[0] = N - N / 3, o.shape[1] = 5;
    did(mv_fft(T, vout(complex_of(TYPE), N - N / 3, 5, 2, 0), s, &o));
}
static void op_rfft_call(void) {
    const mv_volume *s = vin(TYPE, N, 3, 2, 0);
    did(mv_rfft(T, vout(complex_of(TYPE), N / 2 + 1, 3, 2, 0), s, NULL));
}
static void op_irfft_call(void) {
    mv_fft_opt o;
    const mv_volume *s = vin(TYPE, N / 2 + 1, 3, 2, 0);
    memset(&o, 0, sizeof o);
    o.shape[0] = N;
    o.flags = MEDVOL_FFT_SCALED;
    did(mv_irfft(T, vout(TYPE == MEDVOL_C64 ? MEDVOL_F32 : MEDVOL_F64, N, 3, 2, 0), s, &o));
}
/* SENSE: x, y, z, coil of N, 4, 2, 3 voxels, maps of up to 1. ARG: forward, adjoint, gradients, unfolding */
static void op_sense(void) {
    static float unit[2 * 960 * 16];
    const mv_volume *s = ARG == 0 ? vin(TYPE, N, 4, 2, 0) : vin(TYPE, N, 4, 2, 3), *maps, *mask;
    size_t dim[4] = {0, 4, 2, 3}, one[4] = {1, 4, 1, 0}, i;
    static const float weights[4] = {1, 0, 0.5f, 1};
    buffer *b;
    const float *r = (const float *)(const void *)pool[pool_of(MEDVOL_C64)].data;
    dim[0] = N;
    for (i = 0; i < 48 * N && i < sizeof unit / sizeof *unit; i++) unit[i] = r[i] * 1e-3f;
    b = source(MEDVOL_C64, dim, unit);
    wrap(b);
    maps = &b->v;
    b = source(MEDVOL_F32, one, weights);
    wrap(b);
    mask = &b->v;
    if (ARG == 0) did(mv_sense_forward(T, vout(MEDVOL_C64, N, 4, 2, 3), s, maps, mask));
    else if (ARG == 1) did(mv_sense_adjoint(T, vout(MEDVOL_C64, N, 4, 2, 0), s, maps, mask));
    else if (ARG == 2) {
        mv_cg_sense_opt o;
        memset(&o, 0, sizeof o);
        o.mask = mask, o.lambda = 0.5, o.iterations = 2;
        did(mv_cg_sense(T, vout(MEDVOL_C64, N, 4, 2, 0), s, maps, &o));
    } else {
        mv_sense_opt o;
        mv_volume *d = vout(MEDVOL_C64, N, 4, 2, 0);
        memset(&o, 0, sizeof o);
        o.accel[0] = 2, o.accel[1] = 2, o.lambda = 0.5;
        o.gfactor = vout(MEDVOL_F32, N, 4, 2, 0);
        did(mv_sense(T, d, s, maps, &o));
    }
}
/* iterative reconstruction: maps as SENSE's, x, y, z of N, 4, 2 */
static void op_wavelet(void) { /* ARG: wavelet + 4: back */
    const mv_volume *s = vin(TYPE, N, 5, 2, 3);
    mv_wavelet_opt o;
    memset(&o, 0, sizeof o);
    o.wavelet = ARG % 4, o.levels = 2;
    if (ARG < 4) did(mv_wavelet_forward(T, vout(MEDVOL_C64, N, 5, 2, 3), s, &o));
    else did(mv_wavelet_inverse(T, vout(MEDVOL_C64, N, 5, 2, 3), s, &o));
}
static void op_prox(void) { /* ARG: kind + 8: joint */
    const mv_volume *s = vin(TYPE, N, 5, 1, 3);
    mv_reg r;
    memset(&r, 0, sizeof r);
    r.kind = ARG % 8, r.lambda = 30, r.block = 3;
    if (ARG > 8) r.joint = 8;
    if (r.kind == MEDVOL_REG_TV) r.axes = 11;
    did(mv_prox(T, vout(MEDVOL_C64, N, 5, 1, 3), s, &r, 1));
}
static void op_reg_value(void) {
    const mv_volume *s = vin(TYPE, N, 5, 1, 3);
    mv_reg r;
    memset(&r, 0, sizeof r);
    r.kind = ARG % 8, r.lambda = 1e-3, r.block = 3;
    if (r.kind == MEDVOL_REG_TV) r.axes = 11;
    did(mv_reg_value(T, (double *)out(MEDVOL_F64, 1), s, &r));
}
static const mv_volume *it_small(mv_dtype t, size_t a, size_t b, size_t c, size_t d, double scale) {
    static float unit[2 * 960 * 16];
    const size_t dim[4] = {a, b, c, d}, n = a * b * (c ? c : 1) * (d ? d : 1) * (t == MEDVOL_C64 ? 2 : 1);
    const float *r = (const float *)(const void *)pool[pool_of(MEDVOL_C64)].data;
    buffer *v;
    size_t i;
    for (i = 0; i < n && i < sizeof unit / sizeof *unit; i++) unit[i] = r[i] * (float)scale;
    v = source(t, dim, unit);
    wrap(v);
    return &v->v;
}
static const mv_volume *it_mask(void) {
    static const float weights[4] = {1, 0, 0.5f, 1};
    const size_t dim[4] = {1, 4, 1, 0};
    buffer *b = source(MEDVOL_F32, dim, weights);
    wrap(b);
    return &b->v;
}
static void op_encode(void) { /* ARG: forward, adjoint, normal, weigh; + 4: off resonance; + 8: a basis */
    const int call = ARG % 4, off = ARG & 4, basis = ARG & 8;
    const mv_volume *s = call == 1 || call == 3 ? vin(TYPE, N, 4, 2, 3) : vin(TYPE, N, 4, 2, basis ? 2 : 0);
    mv_volume *d = basis && call == 0 ? vnew() : call == 0 || call == 3 ? vout(MEDVOL_C64, N, 4, 2, 3)
                                                                      : vout(MEDVOL_C64, N, 4, 2, basis ? 2 : 0);
    mv_encoding_desc q;
    mv_encoding e;
    memset(&q, 0, sizeof q);
    q.maps = it_small(MEDVOL_C64, N, 4, 2, 3, 1e-3), q.mask = it_mask();
    q.frames = basis ? 3 : 1;
    if (off) {
        q.field = it_small(MEDVOL_F32, N, 4, 2, 0, 1e-3), q.segments = 2;
        q.times = it_small(MEDVOL_F32, N, 0, 0, 0, 1e-4);
    }
    if (basis) q.basis = it_small(MEDVOL_F32, 3, 2, 0, 0, 1e-3);
    if (!did(mv_encoding_init(T, &e, &q))) return;
    if (call == 0) did(mv_encoding_forward(T, &e, d, s));
    else if (call == 1) did(mv_encoding_adjoint(T, &e, d, s));
    else if (call == 2) did(mv_encoding_normal(T, &e, d, s));
    else did(mv_encoding_weigh(T, &e, d, s));
    mv_encoding_free(T, &e);
}
static void op_recon(void) { /* ARG: solver; + 8: total variation, + 16: low rank */
    const mv_volume *s = vin(TYPE, N, 4, 2, 3);
    mv_volume *d = vout(MEDVOL_C64, N, 4, 2, 0);
    mv_encoding_desc q;
    mv_recon_opt o;
    mv_reg r;
    memset(&q, 0, sizeof q), memset(&o, 0, sizeof o), memset(&r, 0, sizeof r);
    q.maps = it_small(MEDVOL_C64, N, 4, 2, 3, 1e-3), q.mask = it_mask();
    r.kind = ARG & 8 ? MEDVOL_REG_TV : ARG & 16 ? MEDVOL_REG_L1 : MEDVOL_REG_WAVELET, r.lambda = 1e-3;
    o.solver = ARG % 8, o.solve.lambda = 0.5, o.solve.iterations = 2, o.scale = 1, o.solve.objective = 1;
    o.solve.regs = &r, o.solve.reg_count = ARG % 8 > MEDVOL_SOLVER_LSMR;
    did(mv_recon(T, d, s, &q, &o));
}
static void op_solve(void) { /* ARG: solver; 5: the check */
    const float *y = (const float *)in(MEDVOL_F32, 24 * N);
    float *x = (float *)out(MEDVOL_F32, 8 * N);
    mv_encoding_desc q;
    mv_solve_opt o;
    mv_operator a;
    mv_encoding e;
    memset(&q, 0, sizeof q), memset(&o, 0, sizeof o);
    q.maps = it_small(MEDVOL_C64, N, 4, 0, 3, 1e-3);
    o.iterations = 2, o.lambda = 0.5;
    if (!did(mv_encoding_init(T, &e, &q))) return;
    did(mv_encoding_operator(T, &e, &a));
    if (ARG == 0) did(mv_solve_cg(T, x, &a, y, &o));
    else if (ARG == 1) did(mv_solve_lsmr(T, x, &a, y, &o));
    else if (ARG == 2) did(mv_solve_fista(T, x, &a, y, &o));
    else if (ARG == 3) did(mv_solve_admm(T, x, &a, y, &o));
    else if (ARG == 4) did(mv_solve_pdhg(T, x, &a, y, &o));
    else did(mv_operator_check(T, &a, NULL));
    mv_encoding_free(T, &e);
}
/* Non-uniform transforms of images of 9, N / 2 + 1, 1 (or 4, N / 4 + 1, 3) voxels, N + 3 samples, coils as
   the bits of ARG say. What: 0 forward, 1 adjoint, 2 arrays there, 3 back, with maps; 4, 5 direct; 6, 7
   gridding; 8 density; 9 type 3; 10 Toeplitz */
static double nu_k[3 * 200];
static const mv_volume *nu_places(const size_t *shape, size_t n) {
    size_t dim[4] = {3, 0, 1, 0}, i;
    buffer *b;
    dim[1] = n;
    for (i = 0; i < 3 * n; i++) nu_k[i] = 0.5 * (double)shape[i % 3] * ((double)(i * 73 % 127) / 63 - 1);
    b = source(MEDVOL_F64, dim, nu_k);
    wrap(b);
    return &b->v;
}
static void op_nufft(void) {
    const size_t coils = 1 + (size_t)ARG / 32 % 16, m = N + 3;
    const int what = ARG % 16, box = ARG / 16 % 2;
    size_t shape[3], all;
    const mv_volume *k, *w;
    mv_nufft plan;
    mv_nufft_opt o;
    memset(&o, 0, sizeof o);
    shape[0] = box ? 4 : 9, shape[1] = box ? N / 4 + 1 : N / 2 + 1, shape[2] = box ? 3 : 1;
    all = shape[0] * shape[1] * shape[2];
    o.weights = 1 + (int)(N % 2);
    k = nu_places(shape, m);
    w = vin(MEDVOL_F32, 1, m, 1, 0);
    if (what < 4 && !did(mv_nufft_init(T, &plan, shape, k, &o))) return;
    if (what == 0)
        did(mv_nufft_forward(T, &plan, vout(MEDVOL_C64, 1, m, 1, coils),
            vin(MEDVOL_C64, shape[0], shape[1], shape[2], coils)));
    else if (what == 1)
        did(mv_nufft_adjoint(T, &plan, vout(MEDVOL_C64, shape[0], shape[1], shape[2], coils),
            vin(MEDVOL_C64, 1, m, 1, coils), w));
    else if (what == 2)
        did(mv_nufft_forward_c64(T, &plan, 0, (float *)out(MEDVOL_F32, 2 * m * coils),
            (const float *)in(MEDVOL_C64, all), (const float *)in(MEDVOL_C64, all * coils), coils,
            (const float *)in(MEDVOL_F32, m), 0));
    else if (what == 3)
        did(mv_nufft_adjoint_c64(T, &plan, 0, (float *)out(MEDVOL_F32, 2 * all),
            (const float *)in(MEDVOL_C64, m * coils), (const float *)in(MEDVOL_C64, all * coils), coils,
            (const float *)in(MEDVOL_F32, m), 0));
    else if (what == 4)
        did(mv_nudft_forward(T, vout(MEDVOL_C64, 1, m, 1, coils),
            vin(MEDVOL_C64, shape[0], shape[1], shape[2], coils), k));
    else if (what == 5)
        did(mv_nudft_adjoint(T, vout(MEDVOL_C64, shape[0], shape[1], shape[2], coils),
            vin(MEDVOL_C64, 1, m, 1, coils), k, w, shape));
    else if (what == 6)
        did(mv_grid_forward(T, vout(MEDVOL_C64, 1, m, 1, coils),
            vin(MEDVOL_C64, shape[0], shape[1], shape[2], coils), k, NULL));
    else if (what == 7)
        did(mv_grid_adjoint(T, vout(MEDVOL_C64, shape[0], shape[1], shape[2], coils),
            vin(MEDVOL_C64, 1, m, 1, coils), k, w, shape, NULL));
    else if (what == 8) {
        mv_dcf_pipe_opt q;
        q.iterations = 2;
        did(mv_dcf_pipe(T, vout(MEDVOL_F32, 1, m, 1, 0), k, shape, &q));
    } else if (what == 9) {
        const double *p = (const double *)given(MEDVOL_F64, nu_k, 3 * m);
        mv_nufft3 third;
        if (did(mv_nufft3_init(T, &third, box ? 3 : 1, m, p, m, p, NULL))) {
            float *y = (float *)out(MEDVOL_F32, 2 * m), *x = (float *)out(MEDVOL_F32, 2 * m);
            did(mv_nufft3_execute(T, &third, y, (const float *)in(MEDVOL_C64, m), 1));
            did(mv_nufft3_adjoint(T, &third, x, (const float *)in(MEDVOL_C64, m), 1));
            mv_nufft3_free(T, &third);
        }
    } else {
        const float basis[4] = {1, 2, 3, 4};
        mv_toeplitz t;
        if (did(coils > 3 ? mv_toeplitz_init_basis(T, &t, shape, k, w, basis, 2, 1, NULL)
                          : mv_toeplitz_init(T, &t, shape, k, w, NULL))) {
            if (coils > 3)
                did(mv_toeplitz_normal_c64(T, &t, 0, (float *)out(MEDVOL_F32, 2 * 2 * all),
                    (const float *)in(MEDVOL_C64, 2 * all), (const float *)in(MEDVOL_C64, all * 2), 2, 0));
            else
                did(mv_toeplitz_normal(T, &t, vout(MEDVOL_C64, shape[0], shape[1], shape[2], coils),
                    vin(MEDVOL_C64, shape[0], shape[1], shape[2], coils)));
            mv_toeplitz_free(T, &t);
        }
    }
    if (what < 4) mv_nufft_free(T, &plan);
}
/* trajectories: N samples, or shots where a spoke takes more. ARG: which */
static mv_volume *spokes_of(size_t samples, size_t shots, int half, double turn) {
    static double k[3 * 1500];
    size_t dim[4] = {3, 0, 0, 0}, m, s;
    buffer *b;
    if (samples * shots > 1500) abort();
    for (s = 0; s < shots; s++)
        for (m = 0; m < samples; m++) {
            const double r = (double)m - (half ? 0 : 0.5 * (double)(samples - 1)), a = turn * (double)s;
            double *q = k + 3 * (m + samples * s);
            q[0] = r * sin(a), q[1] = r * cos(a), q[2] = 0;
        }
    dim[1] = samples, dim[2] = shots;
    b = source(MEDVOL_F64, dim, k);
    wrap(b);
    return &b->v;
}
static void op_traj_make(void) {
    mv_radial_opt r;
    mv_koosh_opt k;
    mv_stack_opt s;
    mv_rosette_opt o;
    mv_epi_opt e;
    memset(&r, 0, sizeof r), memset(&k, 0, sizeof k), memset(&s, 0, sizeof s);
    memset(&o, 0, sizeof o), memset(&e, 0, sizeof e);
    r.samples = k.samples = o.samples = e.samples = N, r.shots = k.shots = 5;
    o.shots = 3, o.size = 9, e.lines = 4;
    r.order = MEDVOL_RADIAL_GOLDEN, s.partitions = 3, s.turn = 30;
    if (ARG == 0) did(mv_traj_radial(T, vout(MEDVOL_F64, 3, N, 5, 0), &r));
    else if (ARG == 1) did(mv_traj_koosh(T, vout(MEDVOL_F64, 3, N, 5, 0), &k));
    else if (ARG == 2) did(mv_traj_rosette(T, vout(MEDVOL_F64, 3, N, 3, 0), &o));
    else if (ARG == 3) did(mv_traj_epi(T, vout(MEDVOL_F64, 3, N, 4, 0), &e));
    else {
        const mv_volume *t = vin(TYPE, 3, N, 2, 0);
        did(mv_traj_stack(T, vout(MEDVOL_F64, 3, N, 6, 0), t, &s));
    }
}
static void op_traj_curves(void) {
    mv_spiral_opt s;
    mv_cones_opt c;
    memset(&s, 0, sizeof s), memset(&c, 0, sizeof c);
    s.shots = N, s.size = 8, s.limits.dwell = c.limits.dwell = 2e-5;
    c.size = 4, c.cones = N % 7 + 1;
    if (ARG == 0) did(mv_traj_spiral(T, vnew(), &s));
    else did(mv_traj_cones(T, vnew(), &c));
}
static void op_traj_convert(void) {
    const mv_volume *t = vin(TYPE, 3, N, 4, 0);
    did(mv_traj_convert(T, vout(MEDVOL_F64, 3, N, 4, 0), t, 0, 1 + ARG, sizes(3, 8, 9, 10),
        numbers(3, 0.2, 0.3, 0.4)));
}
static void op_traj_delay(void) {
    static const double delay[6] = {0.1, 0.2, 0.3, 0.4, 0.5, 0.6};
    const double *d = (const double *)given(MEDVOL_F64, delay, 6);
    const mv_volume *t = spokes_of(N + 1, 5, 0, 1);
    did(mv_traj_delay(T, vout(MEDVOL_F64, 3, N + 1, 5, 0), t, d));
}
static void op_traj_shots(void) { /* of data of any type, and numbers of trajectories */
    static const uint32_t index[4] = {2, 0, 2, 1}, bin[3] = {1, 0, 1};
    mv_gradient_peaks p;
    size_t i;
    double *angles;
    const mv_volume *t;
    if (ARG == 0) {
        t = vin(TYPE, N, 2, 3, 2);
        did(mv_traj_select(T, vout(TYPE, N, 2, 4, 2), t, (const uint32_t *)given(MEDVOL_U32, index, 4), 4));
    } else if (ARG == 1) {
        t = vin(TYPE, N, 2, 3, 2);
        did(mv_traj_bin(T, vnew(), t, (const uint32_t *)given(MEDVOL_U32, bin, 3), 2, 0));
    } else {
        t = vin(MEDVOL_F64, 3, 4, N, 0);
        angles = (double *)out(MEDVOL_F64, N);
        for (i = 0; i < N; i++) angles[i] = 0;
        did(mv_traj_angles(T, angles, t));
        if (did(mv_traj_limits(T, &p, t, NULL))) note_as(MEDVOL_F64, &p.gradient, 8);
    }
}
static void op_gate(void) {
    mv_gate_opt o;
    memset(&o, 0, sizeof o);
    o.kind = ARG, o.bins = 3, o.period = 100;
    {
        uint32_t *bin = (uint32_t *)out(MEDVOL_U32, N);
        float *soft = (float *)out(MEDVOL_F32, 3 * N);
        memset(bin, 0, N * 4), memset(soft, 0, N * 12);
        did(mv_gate_bins(T, bin, soft, (const double *)in(MEDVOL_F64, N), N, &o));
    }
}
static void op_delays(void) { /* of noise: what comes out does not matter, but that it does not differ much */
    double *delay = (double *)out(MEDVOL_F64, 6);
    mv_delay_opt o;
    const size_t n = 41, shots = 12;
    const mv_volume *t = spokes_of(n, shots, 0, ARG ? 2 * 3.14159265358979 / 12 : 0.7);
    static float pairs[2 * 41 * 12 * 2];
    size_t dim[4] = {1, 41, 12, 2}, i;
    buffer *b;
    memset(&o, 0, sizeof o);
    o.most = 3;
    for (i = 0; i < n * shots * 2; i++) {
        const double r = (double)(i % n) - 20;
        pairs[2 * i] = (float)(300 / (1 + r * r) * cos(0.2 * r));
        pairs[2 * i + 1] = (float)(100 / (2 + r * r));
    }
    b = source(MEDVOL_C64, dim, pairs);
    wrap(b);
    for (i = 0; i < 6; i++) delay[i] = 0;
    if (ARG) did(mv_delay_opposed(T, delay, &b->v, t, &o));
    else did(mv_delay_ring(T, delay, &b->v, t, &o));
}
static void op_dcf(void) {
    mv_voronoi_opt o;
    const mv_volume *t;
    mv_volume *w;
    memset(&o, 0, sizeof o);
    t = ARG < 4 ? spokes_of(N + 1, 7, ARG % 2, 0.9) : spokes_of(2, 700, 1, 0.00897);
    w = ARG < 4 ? vout(MEDVOL_F32, 1, N + 1, 7, 0) : vout(MEDVOL_F32, 1, 2, 700, 0);
    o.bound = ARG;
    if (ARG < 1) did(mv_dcf_radial(T, w, t));
    else if (ARG < 2) did(mv_dcf_angular(T, w, t));
    else if (ARG < 3) did(mv_dcf_cells(T, w, t, 2));
    else o.bound = (int)(N % 3), did(mv_dcf_voronoi(T, w, t, &o));
}
static void op_phantom_samples(void) { /* ARG: coils + 4 * solid */
    static const double body[20] = {
        0.1, -0.2, 0.1, 0.5, 0.7, 0.4, 20, 30, 40, 2, 0.2, 0.2, 0, 0.01, 0.02, 0.1, 0, 0, 0, 1};
    const size_t *shape = sizes(3, 16, 12, ARG / 4 ? 10 : 1);
    const mv_volume *t = vin(MEDVOL_F64, 3, N, 3, 0);
    mv_phantom_opt o;
    memset(&o, 0, sizeof o);
    o.shapes = (const mv_ellipse *)given(MEDVOL_F64, body, 20), o.count = 2, o.coils = (size_t)ARG % 4;
    did(mv_phantom_samples(T, vout(MEDVOL_C64, 1, N, 3, o.coils > 1 ? o.coils : 0), t, shape, &o));
}
/* ARG: mode + 4 * method */
static void op_convolve(void) {
    mv_convolve_opt o;
    const mv_volume *s, *k;
    const size_t kx = 1 + N % 5;
    size_t m = N, z;
    o.mode = ARG % 4, o.method = ARG / 4;
    if (o.mode == MEDVOL_CONV_FULL) m = N + kx - 1;
    if (o.mode == MEDVOL_CONV_VALID) m = N >= kx ? N - kx + 1 : 1;
    s = vin(TYPE, o.mode == MEDVOL_CONV_VALID && N < kx ? kx : N, 4, 2, 0);
    k = vin(TYPE, kx, 1, 2, 0);
    z = o.mode == MEDVOL_CONV_FULL ? 3 : o.mode == MEDVOL_CONV_VALID ? 1 : 2;
    did(mv_convolve(T, vout(floating_of(TYPE), m, 4, z, 0), s, k, &o));
}
static void op_correlate(void) {
    const mv_volume *s = vin(TYPE, N, 4, 2, 0), *k = vin(TYPE, 3, 2, 1, 0);
    did(mv_correlate(T, vout(floating_of(TYPE), N, 4, 2, 0), s, k, NULL));
}
static void op_phase(void) {
    mv_phase_opt o;
    const mv_volume *a = vin(TYPE, N + 3, 5, 4, 0), *b = vin(TYPE, N + 3, 5, 4, 0);
    mv_shift s;
    memset(&o, 0, sizeof o);
    memset(&s, 0, sizeof s);
    o.window = 1, o.upsample = ARG;
    did(mv_phase_correlate(T, &s, a, b, &o)); /* of noise: the maximum may be another at each level */
}
/* products; ARG: complex + 2 * op_a + 6 * op_b + 18 * lower */
static void op_gemm(void) {
    mv_gemm_opt o;
    const int cx = ARG & 1, f64 = TYPE == MEDVOL_F64;
    const size_t unit = cx ? 2 : 1, m = N, n = N / 2 + 3, k = N + 1;
    const void *a = in(TYPE, unit * m * k), *b = in(TYPE, unit * k * n);
    void *c = out(TYPE, unit * m * n);
    size_t lda, ldb;
    memset(&o, 0, sizeof o);
    o.op_a = (mv_op)(ARG / 2 % 3), o.op_b = (mv_op)(ARG / 6 % 3), o.lower = ARG / 18;
    o.alpha[0] = 1.0 / 1024;
    lda = o.op_a ? k : m, ldb = o.op_b ? n : k;
    if (f64 && cx)
        did(mv_gemm_c128(T, (double *)c, m, (const double *)a, lda, (const double *)b, ldb, m, n, k, &o));
    else if (f64)
        did(mv_gemm_f64(T, (double *)c, m, (const double *)a, lda, (const double *)b, ldb, m, n, k, &o));
    else if (cx)
        did(mv_gemm_c64(T, (float *)c, m, (const float *)a, lda, (const float *)b, ldb, m, n, k, &o));
    else did(mv_gemm_f32(T, (float *)c, m, (const float *)a, lda, (const float *)b, ldb, m, n, k, &o));
}
static void op_gemm_diag(void) { /* ARG: as op_gemm's */
    mv_gemm_opt o;
    const int cx = ARG & 1, f64 = TYPE == MEDVOL_F64;
    const size_t unit = cx ? 2 : 1, m = N, k = N + 1;
    const void *a = in(TYPE, unit * m * k), *b = in(TYPE, unit * k * m);
    void *d = out(TYPE, unit * m);
    size_t lda, ldb;
    memset(&o, 0, sizeof o);
    o.op_a = (mv_op)(ARG / 2 % 3), o.op_b = (mv_op)(ARG / 6 % 3);
    o.alpha[0] = 1.0 / 1024;
    lda = o.op_a ? k : m, ldb = o.op_b ? m : k;
    if (f64 && cx) did(mv_gemm_diag_c128(T, (double *)d, (const double *)a, lda, (const double *)b, ldb, m, k, &o));
    else if (f64) did(mv_gemm_diag_f64(T, (double *)d, (const double *)a, lda, (const double *)b, ldb, m, k, &o));
    else if (cx) did(mv_gemm_diag_c64(T, (float *)d, (const float *)a, lda, (const float *)b, ldb, m, k, &o));
    else did(mv_gemm_diag_f32(T, (float *)d, (const float *)a, lda, (const float *)b, ldb, m, k, &o));
}
/* what follows, ARG: complex */
static double *begun(const double *data, size_t n) { /* to be changed in place */
    double *p = (double *)out(MEDVOL_F64, n);
    if (n) memcpy(p, data, n * sizeof *p);
    return p;
}
static const double *dominant(size_t n, size_t columns, double diagonal) {
    static double a[2 * 40 * 40];
    const size_t unit = (size_t)ARG + 1;
    size_t i, j;
    for (j = 0; j < columns; j++)
        for (i = 0; i < unit * n; i++)
            a[unit * j * n + i] = i == unit * j    ? diagonal
                : ARG && i == unit * j + 1 ? 0
                                           : (double)((7 * i + 3 * j) % 11) / 50;
    return a;
}
static void op_chol(void) {
    double *a = begun(dominant(N, N, (double)N + 1), ((size_t)ARG + 1) * N * N);
    did(ARG ? mv_chol_c128(T, a, N, N) : mv_chol_f64(T, a, N, N));
}
static void op_chol_solve(void) {
    const size_t sides = N % 7 + 1, unit = (size_t)ARG + 1;
    const double *l = (const double *)given(MEDVOL_F64, dominant(N, N, 2), unit * N * N);
    double *b = begun(dominant(N, sides, 3), unit * N * sides);
    did(ARG ? mv_chol_solve_c128(T, b, N, l, N, N, sides) : mv_chol_solve_f64(T, b, N, l, N, N, sides));
}
static int32_t *pivots(void) { return (int32_t *)room_of(MEDVOL_F64, (N + 1) / 2 + 1); }
static void op_ldlt(void) {
    size_t *signs = (size_t *)room_of(MEDVOL_F64, 3);
    int32_t *pivot = pivots();
    double *a = (double *)room_of(MEDVOL_F64, N * N), *b = begun(dominant(N, 5, 3), N * 5);
    memcpy(a, dominant(N, N, 2), N * N * sizeof *a);
    CHECK(did(mv_ldlt_f64(T, a, N, pivot, N)));
    CHECK(did(mv_ldlt_inertia_f64(T, signs, a, N, pivot, N)));
    did(mv_ldlt_solve_f64(T, b, N, a, N, pivot, N, 5));
}
static void op_eigh(void) {
    const size_t all = ((size_t)ARG + 1) * N * N;
    const double *a = (const double *)in(MEDVOL_F64, all);
    double *w = (double *)out(MEDVOL_F64, N), *v = (double *)out(MEDVOL_F64, all);
    did(ARG ? mv_eigh_c128(T, w, v, N, a, N, N) : mv_eigh_f64(T, w, v, N, a, N, N));
}
static void op_svd(void) { /* ARG + 2: more columns than rows */
    const size_t unit = (size_t)(ARG % 2) + 1, m = ARG < 2 ? N : N / 2 + 1, n = ARG < 2 ? N / 2 + 1 : N;
    const size_t r = m < n ? m : n;
    const double *a = (const double *)in(MEDVOL_F64, unit * m * n);
    double *u = (double *)out(MEDVOL_F64, unit * m * r), *s = (double *)out(MEDVOL_F64, r);
    double *v = (double *)out(MEDVOL_F64, unit * n * r);
    did(ARG % 2 ? mv_svd_c128(T, u, m, s, v, n, a, m, m, n) : mv_svd_f64(T, u, m, s, v, n, a, m, m, n));
}
static const mv_volume *grappa_mask(void) { /* lines 0, 2, ... of nine, one of them missing, and the middle */
    static const unsigned char on[9] = {1, 0, 0, 1, 1, 1, 1, 0, 1};
    const size_t dim[4] = {1, 9, 1, 0};
    buffer *b = source(MEDVOL_U8, dim, on);
    wrap(b);
    return &b->v;
}
/* ARG: in one call, with a mask that says what is kept */
static void op_grappa(void) {
    const mv_volume *s = vin(TYPE, N, 9, 1, 5), *acs = vin(TYPE, N + 6, 8, 1, 5);
    const mv_volume *mask = ARG ? grappa_mask() : NULL;
    mv_grappa_opt o;
    mv_grappa g;
    mv_volume *d = vout(MEDVOL_C64, N, 9, 1, 5);
    memset(&o, 0, sizeof o);
    o.accel[0] = 2, o.kernel[0] = 3, o.kernel[1] = 2;
    o.lambda = 1e-2;
    if (ARG) did(mv_grappa_recon(T, d, s, acs, mask, &o));
    else if (did(mv_grappa_init(T, &g, acs, NULL, &o))) {
        did(mv_grappa_execute(T, &g, d, s));
        did(mv_grappa_kernel(T, &g, 1, 0, NULL, (float *)out(MEDVOL_F32, 2 * 5 * 5 * 3 * 2)));
        mv_grappa_free(T, &g);
    }
}
/* coils: N x 3 x 1, 5 of them */
static const mv_volume *coil_data(void) { return vin(TYPE, N, 3, 1, 5); }
static void op_coil_rss(void) {
    const mv_volume *s = coil_data();
    did(mv_coil_rss(T, vout(MEDVOL_F32, N, 3, 1, 0), s, NULL));
}
static void op_coil_combine(void) { /* ARG: normalize */
    mv_coil_combine_opt o;
    const mv_volume *s = coil_data(), *maps = coil_data();
    o.normalize = ARG;
    did(mv_coil_combine(T, vout(MEDVOL_C64, N, 3, 1, 0), s, maps, &o));
}
static void op_coil_expand(void) {
    mv_coil_combine_opt o;
    const mv_volume *s = vin(TYPE, N, 3, 1, 0), *maps = coil_data();
    o.normalize = ARG;
    did(mv_coil_expand(T, vout(MEDVOL_C64, N, 3, 1, 5), s, maps, &o));
}
static void op_coil_noise(void) {
    const mv_volume *s = coil_data();
    double *psi = (double *)out(MEDVOL_F64, 2 * 5 * 5);
    did(mv_coil_noise(T, psi, s));
}
static void op_coil_apply(void) { /* ARG: rows */
    const mv_volume *s = coil_data();
    const double *m = (const double *)in(MEDVOL_F64, 2 * (size_t)ARG * 5);
    did(mv_coil_apply(T, vout(MEDVOL_C64, N, 3, 1, (size_t)ARG), s, m, (size_t)ARG));
}
static void op_coil_whiten(void) {
    double psi[2 * 5 * 5];
    size_t i;
    const mv_volume *s = coil_data();
    for (i = 0; i < 50; i++) psi[i] = i % 12 == 0 ? 4 : i % 2 ? 0 : 1;
    did(mv_coil_whiten(T, vout(MEDVOL_C64, N, 3, 1, 5), s,
        (const double *)given(MEDVOL_F64, psi, 50)));
}
static void op_coil_compress(void) {
    mv_coil_compress_opt o;
    const mv_volume *s = coil_data();
    double *m = (double *)room_of(MEDVOL_F64, 2 * 3 * 5 + 5); /* vectors of values that may be close */
    memset(&o, 0, sizeof o);
    o.calib[1] = 2;
    did(mv_coil_compress_matrix(T, m, m + 30, 3, s, &o));
    did(mv_coil_compress(T, vout(MEDVOL_C64, N, 3, 1, 1), s, 1, NULL));
}
static void op_coil_gcc(void) {
    const mv_volume *s = coil_data();
    const double *given_matrix = (const double *)in(MEDVOL_F64, 2 * 2 * 5 * N);
    double *m = (double *)room_of(MEDVOL_F64, 2 * 1 * 5 * N);
    did(mv_coil_gcc_matrix(T, m, 1, s, NULL));
    did(mv_coil_gcc_apply(T, vout(MEDVOL_C64, N, 3, 1, 2), s, given_matrix, 2));
}
/* three coils that see the same random image, each in its way: maps that are well defined */
static const mv_volume *coil_sources(int centred) {
    static double data[2 * 200 * 8 * 3];
    const unsigned char *from = pool[pool_of(MEDVOL_F32)].data;
    const size_t ny = centred ? 7 : 5, n = N * ny;
    size_t dim[4], i, c;
    buffer *b;
    for (c = 0; c < 3; c++)
        for (i = 0; i < n; i++) {
            const double re = t_value(from, MEDVOL_F32, 2 * i + 1) + 1;
            const double im = t_value(from, MEDVOL_F32, 2 * i + 2);
            const double a = 1 + (double)c / 2, k = centred ? (i == n / 2 ? 5 : 0.01) : 1;
            const size_t at = 2 * (i + c * n);
            const double x = k * (a * re - (double)c * im), y = k * ((double)c * re + a * im);
            if (TYPE == MEDVOL_C128) data[at] = x, data[at + 1] = y;
            else ((float *)data)[at] = (float)x, ((float *)data)[at + 1] = (float)y;
        }
    dim[0] = N, dim[1] = ny, dim[2] = 1, dim[3] = 3;
    b = source(TYPE, dim, data);
    wrap(b);
    return &b->v;
}
static void op_coil_walsh(void) { /* ARG: width of the window */
    mv_coil_walsh_opt o;
    const mv_volume *s = coil_sources(0);
    memset(&o, 0, sizeof o);
    o.box[0] = (size_t)ARG, o.box[1] = 3;
    o.virtual_phase = ARG == 1;
    did(mv_coil_walsh(T, vout(MEDVOL_C64, N, 5, 1, 3), s, &o));
}
static void op_coil_inati(void) { /* ARG: width of the window */
    mv_coil_inati_opt o;
    const mv_volume *s = coil_sources(0);
    memset(&o, 0, sizeof o);
    o.box[0] = (size_t)ARG, o.box[1] = 3;
    o.rounds = 3, o.tolerance = 1e-20;
    o.image = vout(MEDVOL_C64, N, 5, 1, 0);
    did(mv_coil_inati(T, vout(MEDVOL_C64, N, 5, 1, 3), s, &o));
}
static void op_coil_lowres(void) {
    mv_coil_lowres_opt o;
    const mv_volume *s = coil_sources(1);
    memset(&o, 0, sizeof o);
    o.calib[1] = 5;
    o.window = 1;
    did(mv_coil_lowres(T, vout(MEDVOL_C64, N, 7, 1, 3), s, &o));
}
static void op_espirit(void) { /* ARG: sets; of the second, only that nothing else is touched */
    mv_espirit_opt o;
    const mv_volume *s = coil_sources(1);
    mv_volume *maps, wide;
    memset(&o, 0, sizeof o);
    memset(&wide, 0, sizeof wide);
    o.calib[0] = N < 9 ? N : 9, o.calib[1] = 7;
    o.kernel[0] = N < 3 ? N : 3, o.kernel[1] = 2;
    o.sets = (size_t)ARG;
    o.crop = -1;
    if (ARG == 1) {
        o.values = vout(MEDVOL_F32, N, 7, 1, 0);
        maps = vout(MEDVOL_C64, N, 7, 1, 3);
        did(mv_espirit(T, maps, s, &o));
    } else {
        did(mv_espirit(T, &wide, s, &o));
        mv_volume_free(T, &wide);
    }
}
/* k-space; ARG: window + 8 * radial */
static void op_ks_window(void) {
    mv_window_opt o;
    const mv_volume *s = vin(TYPE, N, 3, 2, 2);
    memset(&o, 0, sizeof o);
    o.kind = ARG % 8, o.radial = ARG / 8, o.extent = 0.8;
    did(mv_kspace_window(T, vout(TYPE, N, 3, 2, 2), s, &o));
}
static void op_ks_resize(void) {
    const mv_volume *s = vin(TYPE, N, 3, 2, 2);
    const size_t *shape = sizes(3, ARG ? N + 5 : N - N / 2, 2, 5);
    did(mv_kspace_resize(T, vout(TYPE, ARG ? N + 5 : N - N / 2, 2, 5, 2), s, shape));
}
static void op_mask(void) { /* ARG: which */
    mv_mask_uniform_opt u;
    mv_mask_poisson_opt p;
    mv_mask_golden_opt g;
    const size_t *shape = sizes(3, N, 6, 5);
    memset(&u, 0, sizeof u), memset(&p, 0, sizeof p), memset(&g, 0, sizeof g);
    u.accel[0] = 2, u.accel[1] = 3, u.shift = 1;
    p.calib[0] = p.calib[1] = 2, p.seed = N;
    g.frames = 2;
    if (ARG == 0) did(mv_mask_uniform(T, vout(MEDVOL_F32, N, 6, 5, 0), shape, &u));
    else if (ARG == 1) did(mv_mask_poisson(T, vout(MEDVOL_F32, N, 6, 5, 0), shape, &p));
    else did(mv_mask_golden(T, vout(MEDVOL_F32, N, 6, 5, 2), shape, &g));
}
static void op_phantom(void) { /* ARG: which + 4 * solid */
    static const double body[10] = {0.1, -0.2, 0.1, 0.5, 0.7, 0.4, 20, 30, 40, 2};
    const size_t z = ARG / 4 ? 3 : 1, *shape = sizes(3, N, 5, z);
    mv_phantom_opt o;
    mv_volume *v;
    memset(&o, 0, sizeof o);
    o.shapes = (const mv_ellipse *)given(MEDVOL_F64, body, 10), o.count = 1, o.coils = 2;
    v = vout(MEDVOL_C64, N, 5, z, 2);
    if (ARG % 4 == 0) did(mv_phantom_image(T, v, shape, &o));
    else if (ARG % 4 == 1) did(mv_phantom_kspace(T, v, shape, &o));
    else did(mv_phantom_sens(T, v, shape, &o));
}
static void op_partial(void) { /* ARG: axis + 4 * pocs */
    const size_t n = N + 2; /* fewer do not hold the centre between two others */
    const mv_volume *s = vin(MEDVOL_C64, n, 5, 4, 2);
    mv_homodyne_opt h;
    mv_pocs_opt p;
    mv_volume *v = vout(MEDVOL_C64, n, 5, 4, 2);
    memset(&h, 0, sizeof h), memset(&p, 0, sizeof p);
    h.count = p.count = ARG % 4 ? 4 : n / 2 + 2;
    p.iterations = 2;
    if (ARG < 4) did(mv_homodyne(T, v, s, ARG % 4, &h));
    else did(mv_pocs(T, v, s, ARG % 4, &p)); /* of noise: phases are not of one accord at each level */
}
static void op_epi(void) {
    const mv_volume *s = vin(MEDVOL_C64, N, 5, 2, 2);
    did(mv_epi_ghost(T, vout(MEDVOL_C64, N, 5, 2, 2), s, numbers(2, 0.4, 0.03, 0)));
}
static void op_epi_estimate(void) {
    double *phase = (double *)out(MEDVOL_F64, 2);
    phase[0] = phase[1] = 0; /* where it is refused */
    did(mv_epi_ghost_estimate(T, phase, vin(MEDVOL_C64, N, 3, 2, 2)));
    phase[0] = cos(phase[0]); /* the angle of noise may be pi or -pi */
}
static void op_ramp(void) { /* as many samples again */
    const mv_volume *s = vin(MEDVOL_C64, 2 * N, 3, 2, 2);
    const double time[6] = {2, 4, 2, 0, 8 / (2 * (double)N), 1e-9};
    const mv_epi_timing *t = (const mv_epi_timing *)given(MEDVOL_F64, time, 6);
    did(mv_epi_ramp(T, vout(MEDVOL_C64, N, 3, 2, 2), s, N, t));
}
static void op_unring(void) { /* ARG: along which axes, of five voxels or N + 4 */
    const mv_volume *s = vin(TYPE, N + 4, 5, 2, 2);
    mv_unring_opt o;
    memset(&o, 0, sizeof o);
    o.axes = (unsigned)ARG, o.shifts = 4, o.first = 1, o.last = 1;
    did(mv_unring(T, vout(parts_of(TYPE) != TYPE ? MEDVOL_C64 : MEDVOL_F32, N + 4, 5, 2, 2), s, &o));
}
/* ---- fields: algebra, measures, registration ---- */
/* a displacement field of x, y, z voxels (z 0: in the plane) with random components of up to `most` mm */
static void as_field(mv_volume *v, int comps) {
    v->stride[4] = v->stride[comps];
    v->dim[3] = 1, v->dim[4] = (size_t)comps;
    if (comps == 2) v->dim[2] = 1;
    v->ndim = 5;
}
static mv_volume *moves(mv_dtype t, size_t x, size_t y, size_t z, double most) {
    static double wide[3 * 960];
    static float some[3 * 960];
    const size_t n = x * y * (z ? 3 * z : 2);
    size_t dim[4], i;
    const float *r = (const float *)(const void *)(pool[pool_of(MEDVOL_F32)].data + (size_t)ins * 960);
    buffer *b;
    dim[0] = x, dim[1] = y, dim[2] = z ? z : 2, dim[3] = z ? 3 : 0;
    if (n > sizeof some / sizeof *some) abort();
    for (i = 0; i < n; i++) wide[i] = (double)r[i] * most / 1000, some[i] = (float)wide[i];
    b = source(t, dim, t == MEDVOL_F32 ? (const void *)some : t == MEDVOL_F64 ? wide : random_values(t));
    wrap(b);
    if (t != MEDVOL_F32 && t != MEDVOL_F64) b->v.slope = most / pool[pool_of(t)].most;
    as_field(&b->v, z ? 3 : 2);
    return &b->v;
}
static mv_volume *moves_out(size_t x, size_t y, size_t z) {
    const int was = outs;
    mv_volume *v = z ? vout(MEDVOL_F32, x, y, z, 3) : vout(MEDVOL_F32, x, y, 2, 0);
    if (was < outs && !targets[was].is_new) as_field(v, z ? 3 : 2);
    return v;
}
/* room for a structure; it is compared, and its alignment is that of its numbers */
static void *record(size_t bytes) {
    return bytes % 8 ? out(MEDVOL_U32, bytes / 4) : out(MEDVOL_F64, bytes / 8);
}
static mv_volume *upright(mv_volume *v) { /* axes at right angles */
    v->affine[4] = 0;
    return v;
}
/* ARG: 1: strict, 2: a mask, 4: in the plane, 8: statistics alone, 16: determinants alone, 32: thin */
static void op_jacobian(void) {
    const size_t z = ARG & 4 ? 0 : ARG & 32 ? 1 : 3;
    mv_jacobian_opt o;
    mv_volume *f = moves(TYPE, N, 4, z, 2), *d;
    memset(&o, 0, sizeof o);
    o.strict = ARG & 1;
    if (ARG & 2) o.mask = vin(MEDVOL_I16, N, 4, z, 0);
    d = ARG & 8 ? NULL : vout(MEDVOL_F32, N, 4, z ? z : 1, 0);
    CHECK(did(mv_field_jacobian(T, d,
        ARG & 16 ? NULL : (mv_jacobian_stats *)record(sizeof(mv_jacobian_stats)), f, &o)));
}
/* ARG: 1: inverse, 2: in the plane, 4 * steps */
static void op_exp(void) {
    const size_t z = ARG & 2 ? 0 : 3;
    mv_field_exp_opt o;
    mv_volume *v = moves(TYPE, N, 4, z, 2);
    memset(&o, 0, sizeof o);
    o.inverse = ARG & 1, o.steps = ARG / 4;
    CHECK(did(mv_field_exp(T, moves_out(N, 4, z), v, &o)));
}
static void op_invert(void) { /* ARG: 2: in the plane, 4: told nothing */
    const size_t z = ARG & 2 ? 0 : 3;
    mv_field_invert_opt o;
    mv_volume *f = moves(TYPE, N, 4, z, 0.2);
    memset(&o, 0, sizeof o);
    o.tolerance = 1e-4;
    if (!(ARG & 4)) {
        o.residual = (double *)room_of(MEDVOL_F64, 1);
        o.failed = (size_t *)record(sizeof(size_t));
    }
    CHECK(did(mv_field_invert(T, moves_out(N, 4, z), f, &o)));
}
static void op_field_file(void) { /* ARG: in the plane */
    const size_t z = ARG ? 0 : 2;
    const char *path = t_path("guard_field.nii");
    mv_save_opt o;
    memset(&o, 0, sizeof o);
    o.no_sync = 1;
    CHECK(did(mv_field_save(T, moves(TYPE, N, 3, z, 5), path, &o)));
    if (TYPE == MEDVOL_F32) CHECK(did(mv_field_load(T, moves_out(N, 3, z), path, NULL)));
    else {
        mv_volume v;
        memset(&v, 0, sizeof v);
        CHECK(did(mv_field_load(T, &v, path, NULL)));
        note_volume(&v);
        mv_volume_free(T, &v);
    }
}
/* an ITK file, of N = 0 whole and by way of the file system, else cut ever later */
static void op_affine_text(void) {
    static const char text[] = "#Insight Transform File V1.0\n#Transform 0\n"
                               "Transform: AffineTransform_double_3_3\n"
                               "Parameters: 0.9 -0.2 0.1 0.15 1.1 -0.1 0.05 0.1 0.7 1.5e1 -2 3.25\n"
                               "FixedParameters: 1 2 3\n";
    static const double m[12] = {0.95, -0.1, 0.1, 0.4, 0.1, 0.9, -0.1, 0.3, 0.05, 0.1, 0.8, 0};
    const size_t whole = sizeof text - 1, n = N ? (N - 1) * whole / 257 : whole;
    const void *s = given(MEDVOL_U8, text, n);
    const int ok = did(mv_affine_load_mem(T, (double *)out(MEDVOL_F64, 12), s, n,
        (double *)out(MEDVOL_F64, 3)));
    CHECK(ok || n < whole);
    if (N) return;
    CHECK(did(mv_affine_save(T, (const double *)given(MEDVOL_F64, m, 12), t_path("guard.txt"),
        numbers(3, 5, 6, 7))));
    CHECK(did(mv_affine_load(T, (double *)out(MEDVOL_F64, 12), t_path("guard.txt"),
        (double *)out(MEDVOL_F64, 3))));
}
/* ARG: 1: a mask, 2: as it is in memory, 4: in the plane and long enough for SSIM, 8: SSIM of a volume,
   16: a mask that holds for every y, 32: scaled */
static void op_metric(void) {
    const size_t long_ = ARG & 12 ? 10 : 0, x = N + long_, y = long_ ? 12 : 4;
    const size_t z = ARG & 8 ? 11 : ARG & 4 ? 0 : 3;
    mv_volume *a = vin(TYPE, x, y, z, 0), *b = vin(TYPE, x, y, z, 0);
    mv_image_metrics *m;
    mv_metric_opt o;
    memset(&o, 0, sizeof o);
    o.what = ARG & 12 ? MEDVOL_METRIC_ALL : MEDVOL_METRIC_ALL & ~MEDVOL_METRIC_SSIM;
    if (ARG & 8) o.radius = 3;
    if (ARG & 1) o.mask = vin(MEDVOL_I8, x, y, z, 0);
    if (ARG & 16) o.mask = vin(MEDVOL_F64, x, 1, z, 0);
    if (ARG & 32) a->slope = 0.5, b->inter = 3;
    m = (mv_image_metrics *)room_of(MEDVOL_F64, sizeof *m / 8);
    if (!CHECK(did(mv_metric_image(T, m, a, b, &o)))) return;
    note(&m->count, 3 * sizeof m->count);
    note_as(MEDVOL_F64, &m->mse, 7 * sizeof m->mse);
    note_as(MEDVOL_F64, &m->entropy_a, 3 * sizeof m->mse);
    if (ARG & 12) note_as(MEDVOL_F64, &m->ssim, sizeof m->ssim);
}
/* ARG: 1: a mask, 2: r^2 and NaN, 4: in the plane, 8: radii, 16: scaled */
static void op_ncc_map(void) {
    const size_t z = ARG & 4 ? 0 : 3;
    mv_volume *a = vin(TYPE, N, 4, z, 0), *b = vin(TYPE, N, 4, z, 0);
    mv_ncc_map_opt o;
    memset(&o, 0, sizeof o);
    if (ARG & 1) o.mask = vin(MEDVOL_I8, N, 4, z, 0);
    if (ARG & 2) o.squared = o.nan = 1;
    if (ARG & 8) o.radius[0] = 5, o.radius[2] = 1;
    if (ARG & 16) a->slope = 0.5, b->inter = 3;
    CHECK(did(mv_ncc_map(T, vout(MEDVOL_F32, N, 4, z, 0), a, b, &o)));
}
/* ARG: mode, 4: voxels, 8: in the plane, 16: few are inside */
static void op_distance(void) {
    const size_t y = ARG & 16 ? 9 : 4, z = ARG & 8 ? 0 : ARG & 16 ? 7 : 3;
    mv_volume *s = upright(vin(TYPE, N, y, z, 0));
    mv_distance_opt o;
    memset(&o, 0, sizeof o);
    o.mode = ARG % 4, o.voxels = ARG & 4;
    o.threshold = (ARG & 16 ? 0.97 : 0.5) * pool[pool_of(TYPE)].most;
    CHECK(did(mv_distance(T, vout(MEDVOL_F32, N, y, z, 0), s, &o)));
}
static mv_volume *labelled(size_t x, size_t y, size_t z) { /* 0 to 4, in blocks and alone */
    static unsigned char some[8 * 4096];
    const size_t n = x * y * z, w = mv_dtype_size(TYPE);
    const unsigned char *r = pool[pool_of(MEDVOL_U8)].data + (size_t)ins * 960;
    size_t dim[4] = {0}, i;
    buffer *b;
    dim[0] = x, dim[1] = y, dim[2] = z;
    if (n > 4096) abort();
    memset(some, 0, sizeof some);
    for (i = 0; i < n; i++) some[i * w + (T_BIG_ENDIAN ? w - 1 : 0)] = r[i % 3 ? i / 7 : i] % 5;
    b = source(TYPE, dim, some);
    wrap(b);
    return upright(&b->v);
}
static void op_labels(void) { /* ARG: 1: of a list, 2: the background, too */
    enum { CAP = 6 };
    static const int64_t listed[4] = {3, -7, 0, 1};
    const mv_volume *a = labelled(N, 4, 3), *b = labelled(N, 4, 3);
    mv_label_metrics *t = (mv_label_metrics *)record(CAP * sizeof(mv_label_metrics));
    double *mean = (double *)out(MEDVOL_F64, 1);
    mv_label_opt o;
    memset(&o, 0, sizeof o);
    if (ARG & 1) o.labels = (const int64_t *)given(MEDVOL_I64, listed, 4), o.nlabels = 4;
    o.background = ARG & 2;
    CHECK(did(mv_metric_labels(T, t, CAP, (size_t *)record(sizeof(size_t)), mean, a, b, &o)));
}
static void op_surface(void) { /* ARG: 1: of a label, 2: of random values (else of labels above 0) */
    const mv_volume *a = ARG & 2 ? upright(vin(TYPE, N, 4, 3, 0)) : labelled(N, 4, 3);
    const mv_volume *b = ARG & 2 ? upright(vin(TYPE, N, 4, 3, 0)) : labelled(N, 4, 3);
    mv_surface_opt o;
    memset(&o, 0, sizeof o);
    o.by_label = ARG & 1, o.label = 2, o.tolerance = 1.5;
    did(mv_metric_surface(T, (mv_surface_metrics *)record(sizeof(mv_surface_metrics)), a, b, &o));
}
static void op_field_error(void) { /* ARG: 1: a mask, 2: of one field, 4: in the plane */
    const size_t z = ARG & 4 ? 0 : 3;
    const mv_volume *a = moves(TYPE, N, 4, z, 5), *b = ARG & 2 ? NULL : moves(TYPE, N, 4, z, 5);
    const mv_volume *mask = ARG & 1 ? vin(MEDVOL_U8, N, 4, z, 0) : NULL;
    did(mv_metric_field(T, (mv_error_metrics *)record(sizeof(mv_error_metrics)), a, b, mask));
}
static void op_point_error(void) {
    const double *p[6];
    size_t i;
    for (i = 0; i < 6; i++) p[i] = (const double *)in(TYPE, N);
    did(mv_metric_points(T, (mv_error_metrics *)record(sizeof(mv_error_metrics)), p[0], p[1], p[2], p[3],
        p[4], p[5], N));
}
/* ARG: 1: a mask, 2: weights, 4: by slice, 8: scaled, 16: the second one holds for every x */
static void op_ncc(void) {
    mv_volume *a = vin(TYPE, N, 4, 3, 0), *b = ARG & 16 ? vin(TYPE, 1, 4, 3, 0) : vin(TYPE, N, 4, 3, 0);
    static float some[4096];
    mv_correlation *c;
    mv_gain_offset *g;
    mv_ncc_opt o;
    mv_gain_opt p;
    size_t dim[4] = {0, 4, 3, 0}, i;
    memset(&o, 0, sizeof o);
    memset(&p, 0, sizeof p);
    if (ARG & 1) o.mask = vin(MEDVOL_I8, N, 4, 3, 0);
    if (ARG & 2) {
        for (i = 0; i < N * 12; i++) some[i] = (float)(i * 7 % 5) * 0.3f;
        dim[0] = N;
        wrap(source(MEDVOL_F32, dim, some));
        o.weights = &sources[ins - 1].v;
    }
    if (ARG & 4) o.split = 3;
    if (ARG & 8) a->slope = 0.5, b->inter = 3;
    c = (mv_correlation *)record((ARG & 4 ? 3 : 1) * sizeof *c);
    g = (mv_gain_offset *)record((ARG & 4 ? 3 : 1) * sizeof *g);
    p.mask = o.mask, p.weights = o.weights, p.split = o.split;
    CHECK(did(mv_ncc(T, c, a, b, &o)));
    CHECK(did(mv_fit_gain_offset(T, g, a, b, &p)));
}
static void op_pearson_f32(void) {
    const float *a = (const float *)in(MEDVOL_F32, N), *b = (const float *)in(MEDVOL_F32, N);
    const float *rows = (const float *)in(MEDVOL_F32, 3 * N);
    CHECK(did(mv_pearson_f32(T, (mv_correlation *)record(sizeof(mv_correlation)), a, b, NULL, N)));
    CHECK(did(mv_pearson_rows_f32(T, (mv_correlation *)record(3 * sizeof(mv_correlation)), rows, 3, a, N)));
    if (N) CHECK(did(mv_fit_gain_offset_f32(T, (mv_gain_offset *)record(3 * sizeof(mv_gain_offset)), rows, 3, a,
        0, NULL, N)));
}
static void op_lags(void) { /* ARG: lags */
    const size_t lags = (size_t)ARG, n = N ? N : 1;
    const float *a = (const float *)in(MEDVOL_F32, 3 * n), *b = (const float *)in(MEDVOL_F32, 3 * n);
    const double *c = (const double *)in(MEDVOL_F64, 2 * n), *d = (const double *)in(MEDVOL_F64, 2 * n);
    CHECK(did(mv_pearson_lags_f32(T, (double *)out(MEDVOL_F64, 3 * (2 * lags + 1)), a, b, 3, n, lags, 0)));
    CHECK(did(mv_pearson_lags_f64(T, (double *)out(MEDVOL_F64, 2 * (2 * lags + 1)), c, d, 2, n, lags, 3)));
}
static void op_pearson_f64(void) {
    const double *a = (const double *)in(MEDVOL_F64, N), *b = (const double *)in(MEDVOL_F64, N);
    CHECK(did(mv_pearson_f64(T, (mv_correlation *)record(sizeof(mv_correlation)), a, b, NULL, N)));
}
/* ARG: 1: a mask, 2: no expectation, 4: by slice, 8: a map of sigmas */
static void op_chi2(void) {
    static float some[4096];
    mv_volume *a = vin(TYPE, N, 4, 3, 0), *b = ARG & 2 ? NULL : vin(TYPE, N, 4, 3, 0);
    size_t dim[4] = {0, 4, 3, 0}, i;
    mv_chi2_opt o;
    memset(&o, 0, sizeof o);
    if (ARG & 1) o.mask = vin(MEDVOL_I8, N, 4, 3, 0);
    if (ARG & 4) o.split = 3, o.sigmas = numbers(3, 1, 2, 3);
    else if (ARG & 8) {
        for (i = 0; i < N * 12; i++) some[i] = 1.0f + (float)(i * 7 % 5) * 0.3f;
        dim[0] = N;
        wrap(source(MEDVOL_F32, dim, some));
        o.sigma_map = &sources[ins - 1].v;
    } else o.sigma = 2;
    CHECK(did(mv_chi2(T, (mv_chi2_sum *)record((ARG & 4 ? 3 : 1) * sizeof(mv_chi2_sum)), a, b, &o)));
}
static void op_chi2_map(void) { /* ARG: 1: a mask, 2: no expectation, 4: by frame, 8: reduced */
    mv_volume *a = vin(TYPE, N, 3, 2, 3), *b = ARG & 2 ? NULL : vin(TYPE, N, 3, 2, 3);
    mv_chi2_opt o;
    memset(&o, 0, sizeof o);
    if (ARG & 1) o.mask = vin(MEDVOL_U8, N, 3, 2, 0);
    if (ARG & 4) o.sigmas = numbers(3, 1000, 2000, 3000);
    else o.sigma = 1000;
    o.reduced = ARG & 8;
    if (ARG & 8) o.skipped = (uint64_t *)record(sizeof(uint64_t));
    CHECK(did(mv_chi2_map(T, vout(MEDVOL_F32, N, 3, 2, 0), a, b, &o)));
}
static void op_angles(void) { /* ARG: the period */
    const double *r = numbers(3, -50, 40, 0), *x = (const double *)in(MEDVOL_F64, N);
    mv_angle_opt o;
    uint32_t *index = (uint32_t *)out(MEDVOL_U32, N);
    uint8_t *bits = (uint8_t *)out(MEDVOL_U8, (N + 7) / 8);
    o.period = ARG, o.half_open = ARG == 180;
    CHECK(did(mv_angle_select(T, index, bits, (size_t *)record(sizeof(size_t)), x, N,
        (const mv_angle_range *)(const void *)r, 1, &o)));
    CHECK(did(mv_angle_select(T, NULL, NULL, (size_t *)record(sizeof(size_t)), x, N, NULL, 0, &o)));
}
/* Images to be registered: what is to be seen is smooth, and further away in the second one. z 0: a plane. */
static mv_volume *seen_from(size_t x, size_t y, size_t z, double away) {
    static float some[8000];
    static unsigned char coarse[8000];
    const size_t nz = z ? z : 1;
    size_t dim[4], i, j, k, n = 0;
    buffer *b;
    dim[0] = x, dim[1] = y, dim[2] = z, dim[3] = 0;
    if (x * y * nz > 8000) abort();
    for (k = 0; k < nz; k++)
        for (j = 0; j < y; j++)
            for (i = 0; i < x; i++, n++) {
                const double u = (double)i - 8 - away, v = (double)j - 9 + 0.6 * away,
                             w = z ? (double)k - 8 + 0.4 * away : 0;
                const double r = u * u / 20 + v * v / 30 + w * w / 25;
                some[n] = (float)((200 + 40 * sin(u * 0.9) * cos(v * 0.7 + w * 0.5)) * exp(-r) + v + u);
                coarse[n] = (unsigned char)fmin(fmax((double)some[n] + 20, 0), 255);
            }
    b = source(TYPE, dim, TYPE == MEDVOL_F32 ? (const void *)some : coarse);
    wrap(b);
    return &b->v;
}
static const mv_volume *weighting(size_t x, size_t y, size_t z) { /* 0 near one corner, 1 elsewhere */
    static unsigned char some[8000];
    size_t dim[4], i;
    buffer *b;
    dim[0] = x, dim[1] = y, dim[2] = z, dim[3] = 0;
    for (i = 0; i < x * y * (z ? z : 1); i++) some[i] = i % x > 2 || i / x % y > 3;
    b = source(MEDVOL_U8, dim, some);
    wrap(b);
    return &b->v;
}
static const double near_it[12] = {0.99, 0.02, 0, 0.5, -0.02, 1.01, 0, -0.4, 0, 0, 1, 0.3};
/* ARG: metric, 4 * model, 16: in the plane, 32: masks, 64: both ways, 128: robust, 256: a start, 512: a
   search */
static void op_register_affine(void) {
    const size_t z = ARG & 16 ? 0 : 17;
    const mv_volume *fixed = seen_from(20, 18, z, 0), *moving = seen_from(19, 20, z, 0.7);
    mv_register_affine_opt o;
    memset(&o, 0, sizeof o);
    o.metric = (mv_similarity)(ARG % 4), o.model = (mv_model)(ARG / 4 % 4), o.bins = 16;
    if (ARG & 32) o.fixed_mask = weighting(20, 18, z), o.moving_mask = weighting(19, 20, z);
    if (ARG & 256 && z) o.start = (const double *)given(MEDVOL_F64, near_it, 12);
    else o.init = MEDVOL_INIT_HEADER;
    o.symmetric = ARG & 64;
    if (ARG & 128) o.robust = 4.685;
    if (ARG & 512) o.search = 8;
    o.control.levels = 2, o.control.iterations = 3;
    o.control.report = (mv_register_report *)room_of(MEDVOL_F64, (sizeof(mv_register_report) + 7) / 8);
    CHECK(did(mv_register_affine(T, (double *)out(MEDVOL_F64, 12), fixed, moving, &o)));
}
static void op_register_affine_by(void) {
    static const double from[12] = {1, 0, 0, 0.5, 0, 1, 0, 0, 0, 0, 1, 0};
    mv_register_metric *by = (mv_register_metric *)room(sizeof *by);
    mv_register_affine_opt o;
    memset(&o, 0, sizeof o), memset(by, 0, sizeof *by);
    by->levels = 2, by->begin = shift_level, by->look = shift_look;
    o.model = MEDVOL_TRANSLATION, o.start = (const double *)given(MEDVOL_F64, from, 12);
    o.control.report = (mv_register_report *)room_of(MEDVOL_F64, (sizeof(mv_register_report) + 7) / 8);
    CHECK(did(mv_register_affine_by(T, (double *)out(MEDVOL_F64, 12), by, &o)));
}
/* ARG: descent, 4: full, 8: in the plane, 16: radius 3 (else 1), 32: a mask, 64: a start, 128: SYMMETRIC,
   256: VELOCITY and the velocity, 512: an inverse */
static void op_register_lncc(void) {
    const size_t z = ARG & 8 ? 0 : 17;
    const mv_volume *fixed = seen_from(20, 18, z, 0), *moving = seen_from(19, 20, z, 0.7);
    mv_register_lncc_opt o;
    memset(&o, 0, sizeof o);
    o.descent = (mv_descent)(ARG % 4), o.full = ARG & 4, o.radius = ARG & 16 ? 3 : 1;
    if (ARG & 32) o.fixed_mask = weighting(20, 18, z);
    if (ARG & 64) o.start = (const double *)given(MEDVOL_F64, near_it, 12);
    o.control.levels = 1 + (ARG & 8) / 8, o.control.iterations = 2;
    o.control.report = (mv_register_report *)room_of(MEDVOL_F64, (sizeof(mv_register_report) + 7) / 8);
    if (ARG & 128) o.mode = MEDVOL_LNCC_SYMMETRIC;
    if (ARG & 256) o.mode = MEDVOL_LNCC_VELOCITY, o.velocity = moves_out(20, 18, z);
    if (ARG & 512) o.inverse = moves_out(20, 18, z);
    CHECK(did(mv_register_lncc(T, moves_out(20, 18, z), fixed, moving, &o)));
}
/* ARG: preset, 4: in space, 8: gain, 16: patches of 16, 32: not refined, 64: TV-L1, 128: expansions */
static void op_flow(void) {
    const size_t z = ARG & 4 ? 17 : 0;
    const mv_volume *fixed = seen_from(20, 18, z, 0), *moving = seen_from(20, 18, z, 0.7);
    mv_flow_opt o;
    memset(&o, 0, sizeof o);
    o.preset = (mv_flow_preset)(ARG % 4), o.gain = ARG & 8;
    if (ARG & 16) o.patch = 16;
    if (ARG & 32) o.refine = -1;
    if (ARG & 64) o.method = MEDVOL_FLOW_TVL1, o.warps = 2;
    if (ARG & 128) o.method = MEDVOL_FLOW_FARNEBACK, o.poly_n = ARG & 16 ? 13 : 5, o.window = 11;
    o.control.levels = 2, o.control.iterations = 3;
    o.control.report = (mv_register_report *)room_of(MEDVOL_F64, (sizeof(mv_register_report) + 7) / 8);
    CHECK(did(mv_flow(T, moves_out(20, 18, z), fixed, moving, &o)));
}
/* ARG: 1: in the plane, 2: within a radius, 4: as a heap */
static void op_cells(void) {
    static double at[3][4096];
    const int flat = ARG & 1;
    const size_t n = N + 20, k = ARG & 4 ? (n < 60 ? n : 60) : 3;
    mv_cells *t = (mv_cells *)room_of(MEDVOL_F64, (sizeof(mv_cells) + 7) / 8);
    const double *p[3];
    size_t i, c, *start;
    for (c = 0; c < 3; c++) {
        for (i = 0; i < n; i++) at[c][i] = 9 * sin((2.3 + 0.9 * (double)c) * (double)i + 1);
        p[c] = (const double *)given(MEDVOL_F64, at[c], n);
    }
    CHECK(did(mv_cells_init(T, t, p[0], p[1], flat ? NULL : p[2], n, ARG & 4 ? 2.5 : 0)));
    if (ARG & 2) {
        start = (size_t *)room_of(MEDVOL_F64, ((N + 1) * sizeof(size_t) + 7) / 8);
        CHECK(did(mv_cells_radius(T, t, start, NULL, NULL, 0, p[0], p[1], flat ? NULL : p[2], N, 2)));
        i = start[N];
        did(mv_cells_radius(T, t, start, (uint32_t *)out(MEDVOL_U32, i), (double *)out(MEDVOL_F64, i), i,
            p[0], p[1], flat ? NULL : p[2], N, 2));
    } else {
        uint32_t *index = (uint32_t *)out(MEDVOL_U32, N * k);
        double *d2 = (double *)out(MEDVOL_F64, N * k);
        did(mv_cells_nearest(T, t, index, d2, p[0], p[1], flat ? NULL : p[2], N, k, NULL));
    }
    mv_cells_free(T, t);
}
static void op_kdtree(void) { /* as above */
    static double at[3][4096];
    const int flat = ARG & 1;
    const size_t n = N + 20, k = ARG & 4 ? (n < 60 ? n : 60) : 3;
    mv_kdtree *t = (mv_kdtree *)room_of(MEDVOL_F64, (sizeof(mv_kdtree) + 7) / 8);
    const double *p[3];
    size_t i, c, *start;
    for (c = 0; c < 3; c++) {
        for (i = 0; i < n; i++) at[c][i] = 9 * sin((2.3 + 0.9 * (double)c) * (double)i + 1);
        p[c] = (const double *)given(MEDVOL_F64, at[c], n);
    }
    CHECK(did(mv_kdtree_init(T, t, p[0], p[1], flat ? NULL : p[2], n)));
    if (ARG & 2) {
        start = (size_t *)room_of(MEDVOL_F64, ((N + 1) * sizeof(size_t) + 7) / 8);
        CHECK(did(mv_kdtree_radius(T, t, start, NULL, NULL, 0, p[0], p[1], flat ? NULL : p[2], N, 2)));
        i = start[N];
        did(mv_kdtree_radius(T, t, start, (uint32_t *)out(MEDVOL_U32, i), (double *)out(MEDVOL_F64, i), i,
            p[0], p[1], flat ? NULL : p[2], N, 2));
    } else {
        mv_nearest_opt o = {0};
        uint32_t *index = (uint32_t *)out(MEDVOL_U32, N * k);
        double *d2 = (double *)out(MEDVOL_F64, N * k);
        did(mv_kdtree_nearest(T, t, index, d2, p[0], p[1], flat ? NULL : p[2], N, k, &o));
    }
    mv_kdtree_free(T, t);
}
/* landmarks in space (z) or in the plane: where they are, where they go */
static const double *landmark(int axis, int moved) {
    static double x[3][12];
    size_t i;
    for (i = 0; i < 12; i++)
        x[axis][i] =
            9 + 7 * sin((2.3 + 0.9 * axis) * (double)i + 1) + moved * 0.8 * cos(1.1 * (double)i + axis);
    return (const double *)given(MEDVOL_F64, x[axis], 12);
}
#define LANDMARKS(z, count)                                                                                  \
    landmark(0, 0), landmark(1, 0), (z) ? landmark(2, 0) : NULL, landmark(0, 1), landmark(1, 1),             \
        (z) ? landmark(2, 1) : NULL, (count)
/* ARG: model, 4: in the plane */
static void op_fit_points(void) {
    mv_fit_opt o;
    o.model = (mv_model)(ARG % 4);
    o.weight = ARG % 4 == 3 ? landmark(2, 0) : NULL;
    o.rms = (double *)out(MEDVOL_F64, 1);
    CHECK(did(mv_fit_points(T, (double *)out(MEDVOL_F64, 12), LANDMARKS(!(ARG & 4), 12), &o)));
}
/* ARG: 1: in the plane, 2: onto a lattice (1: or not), 4: at points */
static void op_tps(void) {
    const int flat = ARG & 1;
    mv_tps *t = (mv_tps *)room_of(MEDVOL_F64, (sizeof(mv_tps) + 7) / 8);
    mv_tps_field_opt f;
    mv_tps_opt o;
    mv_volume *grid = vin(MEDVOL_U8, N + 12, 11, flat ? 0 : 5, 0);
    o.lambda = 0.1;
    CHECK(did(mv_tps_init(T, t, LANDMARKS(!flat, 12), &o)));
    memset(&f, 0, sizeof f);
    f.direct = !(ARG & 2);
    f.tolerance = 1;
    f.bound = (double *)room_of(MEDVOL_F64, 1);
    memset(grid->affine, 0, sizeof grid->affine);
    grid->affine[0] = 0.9, grid->affine[5] = 1.1, grid->affine[10] = 1.2;
    if (ARG & 4) {
        const double *x = (const double *)in(MEDVOL_F64, N), *y = (const double *)in(MEDVOL_F64, N),
                     *z = (const double *)in(MEDVOL_F64, N);
        double *xo = (double *)out(MEDVOL_F64, N), *yo = (double *)out(MEDVOL_F64, N),
               *zo = (double *)out(MEDVOL_F64, N);
        did(mv_tps_points(T, t, xo, yo, zo, x, y, z, N));
    } else did(mv_tps_field(T, moves_out(N + 12, 11, flat ? 0 : 5), grid, t, &f));
    mv_tps_free(T, t);
}
/* ARG: 1: in the plane */
static void op_field_correct(void) {
    const size_t z = ARG & 1 ? 0 : 3;
    const mv_volume *field;
    mv_correct_opt o;
    mv_volume *f = moves(MEDVOL_F32, N + 4, 3, z, 0.5);
    memset(f->affine, 0, sizeof f->affine);
    f->affine[0] = 17.0 / (double)(N + 4), f->affine[5] = f->affine[10] = 8;
    field = f;
    o.radius = 10;
    o.report = (mv_correct_report *)room_of(MEDVOL_F64, sizeof(mv_correct_report) / 8);
    did(mv_field_correct(T, moves_out(N + 4, 3, z), field, LANDMARKS(z, 4), &o));
}
/* ARG: 1: in the plane, 2: masked, 4: a rotation, 8: other axes */
static void op_register_phase(void) {
    const size_t z = ARG & 1 ? 0 : 12;
    mv_volume *fixed = seen_from(20, 18, z, 0), *moving = seen_from(19, 20, z, 0.7);
    mv_register_phase_opt o;
    memset(&o, 0, sizeof o);
    if (ARG & 2) o.fixed_mask = weighting(20, 18, z), o.moving_mask = weighting(19, 20, z);
    o.rotation = o.scale = ARG & 4;
    if (ARG & 8) moving->affine[0] *= 1.1;
    upright(fixed);
    o.report = (mv_phase_report *)room_of(MEDVOL_F64, sizeof(mv_phase_report) / 8);
    did(mv_register_phase(T, (double *)room_of(MEDVOL_F64, 12), fixed, moving, &o));
}
/* ARG: variant, 4: a mask, 8: in the plane, 16: the inverse and, of LOG, the velocity, 64: a start */
static void op_register_demons(void) {
    const size_t z = ARG & 8 ? 0 : 17;
    const mv_volume *fixed = seen_from(20, 18, z, 0), *moving = seen_from(19, 20, z, 0.7);
    mv_register_demons_opt o;
    memset(&o, 0, sizeof o);
    o.variant = (mv_demons)(ARG % 4), o.sigma_update = 1.5;
    if (ARG & 4) o.fixed_mask = weighting(20, 18, z);
    if (ARG & 16) o.inverse = moves_out(20, 18, z);
    if (ARG & 16 && o.variant == MEDVOL_DEMONS_LOG) o.velocity = moves_out(20, 18, z);
    if (ARG & 64) o.start = (const double *)given(MEDVOL_F64, near_it, 12);
    o.control.levels = 1 + (ARG & 8) / 8, o.control.iterations = 2;
    o.control.report = (mv_register_report *)room_of(MEDVOL_F64, (sizeof(mv_register_report) + 7) / 8);
    CHECK(did(mv_register_demons(T, moves_out(20, 18, z), fixed, moving, &o)));
}

/* ARG: 1: in the plane, 2: channels, 4: radius 2 */
static void op_mind(void) {
    const size_t z = ARG & 1 ? 0 : 3;
    const int was = outs;
    const mv_volume *v = vin(TYPE, N, 6, z, 0);
    mv_volume *dst;
    mv_mind_opt o;
    memset(&o, 0, sizeof o);
    o.radius = ARG & 4 ? 2 : 0, o.channels = ARG & 2;
    if (ARG & 2) dst = z ? vout(MEDVOL_F32, N, 6, z, 12) : vout(MEDVOL_F32, N, 6, 4, 0);
    else dst = vout(MEDVOL_U64, N, 6, z, 0);
    if (ARG & 2 && was < outs && !targets[was].is_new) {
        dst->stride[4] = dst->stride[z ? 3 : 2];
        dst->dim[4] = z ? 12 : 4, dst->dim[3] = 1;
        if (!z) dst->dim[2] = 1;
        dst->ndim = 5;
    }
    CHECK(did(mv_mind_ssc(T, dst, v, &o)));
}
/* ARG: 1: in the plane, 2: a mask, 4: symmetric, 8: a start */
static void op_register_search(void) {
    const size_t z = ARG & 1 ? 0 : 17;
    const mv_volume *fixed = seen_from(20, 18, z, 0), *moving = seen_from(19, 20, z, 0.7);
    mv_register_search_opt o;
    memset(&o, 0, sizeof o);
    o.search = 2, o.refine = 1, o.symmetric = ARG & 4;
    if (ARG & 2) o.fixed_mask = weighting(20, 18, z);
    if (ARG & 8) o.start = (const double *)given(MEDVOL_F64, near_it, 12);
    o.control.levels = 1 + (ARG & 2) / 2, o.control.iterations = 2;
    o.control.report = (mv_register_report *)room_of(MEDVOL_F64, (sizeof(mv_register_report) + 7) / 8);
    CHECK(did(mv_register_search(T, moves_out(20, 18, z), fixed, moving, &o)));
}

/* ---- layers, contrast, pictures ---- */
static const mv_dtype LAYERED[] = {MEDVOL_U8, MEDVOL_RGB24, MEDVOL_RGBA32, MEDVOL_U16, MEDVOL_F32,
    MEDVOL_NONE};
static mv_volume *seven(mv_dtype t) { return vin(t, N, 3, 2, 0); }
/* ARG: mode, 32: an alpha, 64: of f32, 128: a grey layer, 256: no background, 512: inverted */
static void op_compose(void) {
    const int colour = TYPE == MEDVOL_RGB24 || TYPE == MEDVOL_RGBA32;
    mv_volume *b = seven(TYPE);
    mv_layer l[2];
    memset(l, 0, sizeof l);
    l[0].image = seven(TYPE), l[0].mode = (mv_blend)(ARG % 32), l[0].opacity = ARG & 512 ? 1 : 0.7;
    l[0].invert = ARG & 512;
    if (ARG & 32) l[0].alpha = seven(ARG & 64 ? MEDVOL_F32 : MEDVOL_U8);
    l[1].image = seven((ARG & 128) && colour ? MEDVOL_U8 : TYPE), l[1].opacity = 0.4;
    did(mv_compose_layers(T, vout(TYPE, N, 3, 2, 0), ARG & 256 ? NULL : b, l, 2, NULL));
}
/* ARG: tiles, 16: of other size along y, 32: bins */
static void op_clahe(void) {
    const mv_dtype to = TYPE == MEDVOL_U8 || TYPE == MEDVOL_U16 ? TYPE : MEDVOL_F32;
    const mv_volume *s = vin(TYPE, N, 5, 2, 0);
    mv_clahe_opt o;
    memset(&o, 0, sizeof o);
    o.tiles[0] = N < (size_t)(ARG % 16) ? (int)N : ARG % 16, o.tiles[1] = ARG & 16 ? 3 : 0;
    o.bins = ARG & 32 ? 17 : 0;
    did(mv_clahe(T, vout(to, N, 5, 2, 0), s, &o));
}
static void op_match(void) { /* ARG: 1: masks, 2: to f32 */
    const mv_volume *s = vin(TYPE, N, 3, 2, 0), *r = vin(TYPE, 7, N, 0, 0);
    mv_match_opt o;
    memset(&o, 0, sizeof o);
    if (ARG & 1) o.mask = vin(MEDVOL_I16, N, 3, 2, 0), o.reference_mask = vin(MEDVOL_U8, 7, N, 0, 0);
    if (ARG & 2) o.dtype = MEDVOL_F32;
    did(mv_match_histogram(T, vout(ARG & 2 ? MEDVOL_F32 : TYPE, N, 3, 2, 0), s, r, &o));
}
static void op_picture(void) { /* ARG: which; 4: of two images, 8: in the plane */
    const size_t z = ARG & 8 ? 0 : 3;
    const int grey = ARG % 4 == 0;
    const mv_volume *a, *b;
    mv_picture_opt o;
    mv_volume *d;
    memset(&o, 0, sizeof o);
    o.size = 3;
    if (ARG & 4) {
        a = vin(TYPE, N, 4, 3, 0), b = vin(TYPE, N, 4, 3, 0);
        d = vout(grey ? MEDVOL_U8 : MEDVOL_RGB24, N, 4, 3, 0);
        did(grey ? mv_picture_checkerboard(T, d, a, b, &o) : mv_picture_difference(T, d, a, b, &o));
        return;
    }
    a = moves(TYPE, N, 4, z, 2);
    d = vout(grey ? MEDVOL_U8 : MEDVOL_RGB24, N, 4, z, 0);
    if (grey) did(mv_picture_grid(T, d, a, &o));
    else did(ARG % 4 == 1 ? mv_picture_flow(T, d, a, &o) : mv_picture_jacobian(T, d, a, &o));
}
/* ARG: metric, 4: in the plane, 8: masks, 16: a start, 32: the field too, 64: cells of two
   voxels, 128: of 9, 256: windows, 512: random samples, 1024: of voxels */
static void op_register_bspline(void) {
    static const size_t n[3] = {20, 18, 17};
    const size_t z = ARG & 4 ? 0 : 17;
    const mv_volume *fixed = seen_from(20, 18, z, 0), *moving = seen_from(19, 20, z, 0.7);
    mv_register_bspline_opt o;
    size_t c[3];
    int k;
    memset(&o, 0, sizeof o);
    o.metric = (mv_similarity)(ARG % 4), o.bins = 16;
    for (k = 0; k < 3; k++) {
        o.grid[k] = ARG & 64 ? 2 : ARG & 128 ? 9 : 5 - k;
        c[k] = (n[k] - 1) / (size_t)o.grid[k] + 4;
    }
    if (ARG & 256) o.radius = 2;
    if (ARG & 512) {
        o.optimizer = MEDVOL_OPTIMIZER_ASGD;
        if (ARG & 1024) o.asgd.sampler = MEDVOL_SAMPLER_RANDOM;
        o.asgd.number_of_spatial_samples = 300;
        o.asgd.number_of_jacobian_measurements = 900;
        o.asgd.number_of_samples_for_exact_gradient = 700;
        if (ARG & 16) o.bending = 0.1;
    }
    if (ARG & 8) o.fixed_mask = weighting(20, 18, z);
    if (ARG & 8 && !o.radius) o.moving_mask = weighting(19, 20, z);
    if (ARG & 16) o.start = (const double *)given(MEDVOL_F64, near_it, 12);
    if (ARG & 32) o.field = moves_out(20, 18, z);
    o.control.levels = 2, o.control.iterations = 2;
    o.control.report = (mv_register_report *)room_of(MEDVOL_F64, (sizeof(mv_register_report) + 7) / 8);
    CHECK(did(mv_register_bspline(T, moves_out(c[0], c[1], z ? c[2] : 0), fixed, moving, &o)));
}

/* LZ4 blocks of text as above, and bytes that are none */
static void op_lz4(void) {
    size_t n = text_n(), cap = mv_lz4_bound(n), made = 0;
    unsigned char *d = (unsigned char *)room(cap);
    if (place.reference && mv_lz4_compress(T_NONE, stock[0].data, SPAN, text(), n, &stock[0].n) < 0) abort();
    if (did(mv_lz4_compress(T, d, cap, given(MEDVOL_U8, text(), n), n, &made))) note(d, made);
    d = (unsigned char *)room(made - 1);
    did(mv_lz4_compress(T, d, made - 1, given(MEDVOL_U8, text(), n), n, &made));
    did(mv_lz4_decompress(T, out(MEDVOL_U8, n), n,
        given(MEDVOL_U8, stock[0].data, stock[0].n), stock[0].n, &made));
    if (n)
        did(mv_lz4_decompress(T, room(n - 1), n - 1,
            given(MEDVOL_U8, stock[0].data, stock[0].n), stock[0].n, &made));
    did(mv_lz4_decompress(T, room(n), n,
        given(MEDVOL_U8, stock[0].data, stock[0].n - 1), stock[0].n - 1, &made));
    did(mv_lz4_decompress(T, room(n), n, in(MEDVOL_U8, N), N, &made));
}
/* ARG: bytes of an element */
static void op_byte_shuffle(void) {
    const size_t n = 8 * N + (size_t)ARG / 2;
    did(mv_byte_shuffle(T, out(MEDVOL_U8, n), in(MEDVOL_U8, n), n, (size_t)ARG));
    did(mv_byte_unshuffle(T, out(MEDVOL_U8, n), in(MEDVOL_U8, n), n, (size_t)ARG));
}
/* ARG: 1: compressed, whatever the size */
static void op_cache(void) {
    const size_t unit = mv_dtype_size(TYPE), n = unit * N;
    const void *lent = NULL;
    mv_cache_opt o;
    mv_cache *c = NULL;
    mv_cache_stats s;
    memset(&o, 0, sizeof o);
    o.compress = ARG, o.compress_from = 1;
    CHECK(did(mv_cache_open(T, &c, &o)));
    did(mv_cache_put(T, c, in(MEDVOL_U8, N), N, in(TYPE, N), n, unit));
    did(mv_cache_put(T, c, "k", 1, in(TYPE, N), n, unit));
    did(mv_cache_get(T, c, "k", 1, out(MEDVOL_U8, n), n, NULL));
    if (did(mv_cache_pin(T, c, "k", 1, &lent, NULL))) note(lent, n);
    did(mv_cache_unpin(T, c, "k", 1));
    did(mv_cache_put_volume(T, c, "v", 1, vin(TYPE, N, 3, 0, 0)));
    did(mv_cache_get_volume(T, c, "v", 1, vout(TYPE, N, 3, 0, 0)));
    did(mv_cache_remove(T, c, "v", 1));
    did(mv_cache_clear(T, c));
    if (did(mv_cache_get_stats(T, c, &s))) note(&s, sizeof s);
    mv_cache_close(T, c);
}

static void left_out(void) {
    API_LEFT_OUT(mv_ctx_init, "starts threads, moves no data");
    API_LEFT_OUT(mv_ctx_free, "stops threads");
    API_LEFT_OUT(mv_workspace_init, "moves no data");
    API_LEFT_OUT(mv_workspace_free, "moves no data");
    API_LEFT_OUT(mv_threads, "takes no memory");
    API_LEFT_OUT(mv_parallel_for, "what it touches is its job's affair");
    API_LEFT_OUT(mv_message, "takes no memory");
    API_LEFT_OUT(mv_fft_good_size, "takes no memory");
    API_LEFT_OUT(mv_status_str, "takes no memory");
    API_LEFT_OUT(mv_warnings, "takes no memory");
    API_LEFT_OUT(mv_version, "takes no memory");
    API_LEFT_OUT(mv_level, "takes no memory");
    API_LEFT_OUT(mv_level_name, "takes no memory");
    API_LEFT_OUT(mv_dtype_name, "takes no memory");
    API_LEFT_OUT(mv_volume_count, "reads no voxel");
    API_LEFT_OUT(mv_volume_contiguous, "reads no voxel");
    API_LEFT_OUT(mv_crc32_combine, "takes no memory");
    API_LEFT_OUT(mv_inflate_bound, "takes no memory");
    API_LEFT_OUT(mv_io_default, "takes no memory");
    API_LEFT_OUT(mv_load_cached, "is mv_load, mv_cache_put_volume and mv_cache_get_volume");
    API_LEFT_OUT(mv_loader_open, "takes no voxels");
    API_LEFT_OUT(mv_loader_next, "is mv_load, mv_crop_or_pad, mv_znorm and mv_rescale");
    API_LEFT_OUT(mv_loader_close, "takes no memory of the caller's");
    API_LEFT_OUT(mv_mrd_open, "is mv_mrd_open_mem with a file behind it");
}

#define COIL(name, arg, tol) {"coil_" #name, op_coil_##name, COMPLEX, arg, VOLUME | HEAVY | FLOATS, tol}
#define SEPARABLE 1e-6 /* 8 ulp of the greatest value */
#define GENERAL 1e-5   /* CUBIC, too: its taps are the spline's coefficients, greater than the values */
#define RS(name, types, arg, tol) {#name, op_##name, types, arg, VOLUME | HEAVY | FLOATS, tol}
#define RS_ALL(arg)                                                                                          \
    RS(shape, TAKEN, arg, (arg) % 8 == MEDVOL_CUBIC ? GENERAL : SEPARABLE),                                  \
        RS(shape_y, TAKEN, arg, (arg) % 8 == MEDVOL_CUBIC ? GENERAL : SEPARABLE),                            \
        RS(turn, TAKEN, arg, GENERAL)
#define TO(name, flags)                                                                                      \
    {#name, op_##name, REAL, MEDVOL_U8, flags, 0}, {#name, op_##name, REAL, MEDVOL_I8, flags, 0},            \
        {#name, op_##name, REAL, MEDVOL_U16, flags, 0}, {#name, op_##name, REAL, MEDVOL_I16, flags, 0},      \
        {#name, op_##name, REAL, MEDVOL_U32, flags, 0}, {#name, op_##name, REAL, MEDVOL_I32, flags, 0},      \
        {#name, op_##name, REAL, MEDVOL_U64, flags, 0}, {#name, op_##name, REAL, MEDVOL_I64, flags, 0},      \
        {#name, op_##name, REAL, MEDVOL_F16, flags, 0}, {#name, op_##name, REAL, MEDVOL_BF16, flags, 0},     \
        {#name, op_##name, REAL, MEDVOL_F32, flags, 0}, {#name, op_##name, REAL, MEDVOL_F64, flags, 0}
#define LAID 1e-8 /* windows slide over floats without gaps where they lie, over others in a copy */
#define MOVED 2e-7 /* mm, of values that are counted as 1000 of them */
#define JACOBIAN(types, arg) {"jacobian", op_jacobian, types, arg, VOLUME | HEAVY | FLOATS, 0}
/* to 1e-4 and to 1e-2 voxels */
#define MATCH_affine 1e-6
#define MATCH_affine_by 1e-9
#define MATCH_lncc 1e-5
#define MATCH_demons 1e-5
#define MATCH_search 1e-5
#define MATCH_bspline 1e-5
#define MATCH(name, types, arg)                                                                              \
    {"register_" #name, op_register_##name, types, arg, FIXED | VOLUME | HEAVY | FLOATS, MATCH_##name}
#define FLOW(types, arg) {"flow", op_flow, types, arg, FIXED | VOLUME | HEAVY | FLOATS, 5e-5}
/* of two steps that serve equally well, levels may take either */
#define FLOW_GAIN(arg) {"flow", op_flow, F32, arg, FIXED | VOLUME | HEAVY | FLOATS, 0.05}
/* name, types, argument, flags, tolerance */
#define SMOOTH(name, arg) {#name, op_##name, F32, arg, VOLUME | HEAVY | IN_PLACE, SEPARABLE}
#define PHASE(arg) {"register_phase", op_register_phase, F32, arg, FIXED | VOLUME | HEAVY, 0}
/* ---- transport ---- */
static const mv_stopping *stopping(void) {
    static mv_stopping s;
    if (!s.nodes && mv_stopping_init(NULL, &s, NULL) < 0) abort();
    return &s;
}
static void op_stopping(void) { /* of N energies; ARG: which */
    static const double z[2] = {1, 8}, a[2] = {1.008, 15.999}, share[2] = {1, 8};
    double e[64];
    const double *v;
    double *d;
    size_t i;
    for (i = 0; i < 64; i++) e[i] = 5 + (double)(i * 37 % 101) * (ARG == 2 ? 0.1 : 2);
    v = (const double *)given(MEDVOL_F64, e, N);
    d = (double *)out(MEDVOL_F64, N + (ARG == 4));
    if (ARG == 0) did(mv_stopping_power(T, d, stopping(), v, N));
    if (ARG == 1) did(mv_stopping_range(T, d, stopping(), v, N));
    if (ARG == 2) did(mv_stopping_energy(T, d, stopping(), v, N));
    if (ARG == 3) did(mv_scattering_power(T, d, stopping(), v, N, 230, MEDVOL_SCATTER_MOLIERE));
    if (ARG == 4) did(mv_gaussian_discrete(T, d, N + 1, 2.5));
    if (ARG == 5 && N > 1) did(mv_transport_energies(T, d, N, 2, 100, 2, stopping()));
    if (ARG == 6) {
        const double *zs = (const double *)given(MEDVOL_F64, z, 2);
        const double *as = (const double *)given(MEDVOL_F64, a, 2);
        const double *shares = (const double *)given(MEDVOL_F64, share, 2);
        mv_medium *m = (mv_medium *)room_of(MEDVOL_F64, 5);
        mv_stopping *s = (mv_stopping *)room_of(MEDVOL_F64, (sizeof *s + 7) / 8);
        CHECK(did(mv_medium_make(T, m, zs, as, shares, 2, 1, 75)));
        CHECK(did(mv_stopping_init(T, s, m)));
    }
}
static void op_transport_march(void) { /* ARG: 1: without a CT */
    mv_volume *ct = vin(MEDVOL_F32, N + 8, 1, 9, 0);
    mv_beam b = {40, 0.5, 0.7, 2, 0.01, 0.01, 0};
    mv_transport_opt o;
    memset(&o, 0, sizeof o);
    memset(ct->affine, 0, sizeof ct->affine);
    ct->affine[0] = 1.5, ct->affine[5] = 2, ct->affine[10] = 3;
    o.nx = N + 8, o.nz = 9, o.dx = 1.5, o.dz = 3, o.most_leak = 1, o.angles = 11, o.dangle = 0.05;
    o.spread = (double *)room_of(MEDVOL_F64, 27);
    CHECK(did(mv_transport_march(T, vout(MEDVOL_F32, N + 8, 1, 9, 0),
        (mv_transport_report *)room_of(MEDVOL_F64, (sizeof(mv_transport_report) + 7) / 8),
        ARG & 1 ? NULL : ct, &b, 1, stopping(), &o)));
}
static void op_transport_dose(void) { /* ARG: 1: without a CT */
    mv_volume *ct = vin(MEDVOL_F32, N + 8, 5, 9, 0);
    mv_spot *s = (mv_spot *)room_of(MEDVOL_F64, 2 * sizeof *s / 8);
    mv_transport_opt o;
    memset(&o, 0, sizeof o);
    memset(s, 0, 2 * sizeof *s);
    s[0].beam.energy = 40, s[0].beam.size = 2, s[0].y = 0.7, s[0].size_y = 1.5;
    s[1] = s[0], s[1].beam.energy = 30, s[1].divergence_y = 0.02;
    memset(ct->affine, 0, sizeof ct->affine);
    ct->affine[0] = 1.5, ct->affine[5] = 2, ct->affine[10] = 3;
    o.nx = N + 8, o.ny = 5, o.nz = 9, o.dx = 1.5, o.dy = 2, o.dz = 3;
    o.most_leak = 1, o.angles = 11, o.dangle = 0.05, o.nuclear = 0.012, o.grays = 1;
    CHECK(did(mv_transport_dose(T, vout(MEDVOL_F32, N + 8, 5, 9, 0),
        (mv_transport_report *)room_of(MEDVOL_F64, (sizeof(mv_transport_report) + 7) / 8),
        ARG & 1 ? NULL : ct, s, 2, stopping(), &o)));
}
static void op_transport_step(void) {
    static const double energy[4] = {5, 20, 40, 70};
    const size_t n = 4 * 5 * 3 * (N + 1);
    const void *from = in(MEDVOL_F32, n);
    float *psi = (float *)out(MEDVOL_F32, n);
    double *dose = (double *)out(MEDVOL_F64, 3 * (N + 1));
    mv_transport_grid g;
    mv_transport_step_opt o;
    memset(&o, 0, sizeof o);
    memset(&g, 0, sizeof g);
    memset(dose, 0, 3 * (N + 1) * sizeof *dose);
    memcpy(psi, from, n * sizeof *psi);
    g.nx = N + 1, g.nz = 3, g.angles = 5, g.energies = 4;
    g.dx = 1.5, g.dz = 2, g.angle = -0.8, g.dangle = 0.4;
    g.energy = (const double *)given(MEDVOL_F64, energy, 4), g.cutoff = 6;
    o.strang = ARG;
    CHECK(did(mv_transport_step(T, psi, dose, NULL, &g, stopping(), 1.7, &o)));
}
static void op_depth_dose(void) {
    const mv_volume *d = vin(MEDVOL_U8, N, 2, 6, 0);
    mv_depth_dose_measures *m = (mv_depth_dose_measures *)room_of(MEDVOL_F64, sizeof *m / 8);
    did(mv_depth_dose(T, (double *)out(MEDVOL_F64, 6), (double *)out(MEDVOL_F64, 6), m, d));
}
#define OP(name, types, arg, flags, tol) {#name, op_##name, types, arg, flags, tol}
#define PADS(name, types, flags)                                                                             \
    OP(name, types, 0, flags, 0), OP(name, types, 1, flags, 0), OP(name, types, 2, flags, 0),                \
        OP(name, types, 3, flags, 0), OP(name, types, 4, flags, 0)
#define CONV(arg) {"convolve", op_convolve, FOURIER, arg, VOLUME | HEAVY | FLOATS, 1}
#define NUFFT(what, box, coils, tol) \
    OP(nufft, ONE_COMPLEX, what + 16 * box + 32 * (coils - 1), VOLUME | HEAVY | FLOATS, tol)
#define FFT(arg) {"fft", op_fft, FLOATING, arg, HEAVY | FLOATS, 1e-4}
#define GEMM(arg) {"gemm", op_gemm, FLOATING, arg, HEAVY | FLOATS, 1e-4}
#define DIAG(arg) {"gemm_diag", op_gemm_diag, FLOATING, arg, HEAVY | FLOATS, 1e-4}
enum { SHORT = 16, LONG = 16 * 61, NOISE = 1024 };
static const op rows[] = {
    /* volumes and geometry */
    OP(affine, F64, 0, FIXED, 0), OP(affine_powers, F64, 0, FIXED, 0),
    OP(points, F64, 0, IN_PLACE, 0), OP(world, F32, 0, FIXED, 0),
    OP(copy, SIZES, 0, VOLUME, 0), OP(view, SIZES, 0, VOLUME | HEAVY, 0), TO(convert_array, TO_ARG),
    TO(scale_array, TO_ARG), TO(convert, TO_ARG | VOLUME | HEAVY), OP(convert_parts, F64, 0, VOLUME, 0),
    OP(lz4, BYTES, SHORT, 0, 0), OP(lz4, BYTES, LONG, HEAVY, 0), OP(lz4, BYTES, SHORT + NOISE, HEAVY, 0),
    OP(byte_shuffle, BYTES, 2, 0, 0), OP(byte_shuffle, BYTES, 4, 0, 0), OP(byte_shuffle, BYTES, 8, HEAVY, 0),
    OP(byte_shuffle, BYTES, 3, HEAVY, 0), OP(cache, SIZES, 0, VOLUME | HEAVY, 0),
    OP(cache, SIZES, 1, VOLUME | HEAVY, 0),
    /* gzip */
    OP(crc, BYTES, 1, 0, 0), OP(crc, BYTES, 31, 0, 0), OP(adler, BYTES, 1, 0, 0), OP(adler, BYTES, 31, 0, 0),
    OP(is, BYTES, 0, 0, 0), OP(inflate, BYTES, SHORT + 0, HEAVY, 0), OP(inflate, BYTES, SHORT + 6, HEAVY, 0),
    OP(inflate, BYTES, LONG + 1, HEAVY, 0), OP(inflate, BYTES, LONG + 6, HEAVY, 0),
    OP(inflate, BYTES, NOISE + LONG + 1, HEAVY, 0), OP(inflate_zlib, BYTES, SHORT + 6, HEAVY, 0),
    OP(inflate_zlib, BYTES, LONG + 6, HEAVY, 0), OP(deflate, BYTES, SHORT + 0, HEAVY, 0),
    OP(deflate, BYTES, SHORT + 1, HEAVY, 0), OP(deflate, BYTES, SHORT + 6, HEAVY, 0),
    OP(deflate, BYTES, LONG + 1, HEAVY, 0), OP(deflate, BYTES, NOISE + LONG + 1, HEAVY, 0),
    OP(deflate, BYTES, LONG + 3, HEAVY, 0), OP(deflate, BYTES, LONG + 6, HEAVY, 0),
    OP(deflate, BYTES, LONG + 9, HEAVY, 0), OP(pack, BYTES, SHORT + 1, HEAVY, 0),
    OP(pack, BYTES, SHORT + 6, HEAVY, 0), OP(unpack, BYTES, SHORT + 1, HEAVY, 0),
    OP(unpack, BYTES, 6 * SHORT + 6, HEAVY, 0), OP(reader, BYTES, 4 * SHORT + 1, HEAVY, 0),
    OP(reader, BYTES, 4 * SHORT + 6, HEAVY, 0), OP(writer, BYTES, 4 * SHORT + 1, HEAVY, 0),
    /* files */
    OP(save_mem, FILED, 0, VOLUME | HEAVY | FLOATS, 0), OP(save_mem, FILED, 1, VOLUME | HEAVY | FLOATS, 0),
    OP(save_mem, FILED, 2, VOLUME | HEAVY | FLOATS, 0), OP(save_mem, FILED, 5, VOLUME | HEAVY | FLOATS, 0),
    OP(save_as, REAL, MEDVOL_I16, VOLUME | HEAVY | FLOATS, 0),
    OP(save_as, REAL, MEDVOL_F32, VOLUME | HEAVY | FLOATS, 0),
    OP(load_mem, FILED, 0, VOLUME | HEAVY | FLOATS, 0), OP(load_mem, FILED, 1, VOLUME | HEAVY | FLOATS, 0),
    OP(load_mem, FILED, 2, VOLUME | HEAVY | FLOATS, 0), OP(load_mem, FILED, 4, VOLUME | HEAVY | FLOATS, 0),
    OP(load_mem, FILED, 7, VOLUME | HEAVY | FLOATS, 0),
    OP(save_mem, FLOATING, 8, VOLUME | HEAVY | FLOATS, 0),
    OP(save_mem, REAL, 9, VOLUME | HEAVY | FLOATS, 0),
    OP(save_mem, REAL, 16, VOLUME | HEAVY | FLOATS, 0),
    OP(load_mem, FLOATING, 8, VOLUME | HEAVY | FLOATS, 0),
    OP(load_mem, FLOATING, 11, VOLUME | HEAVY | FLOATS, 0), OP(mrd, BYTES, 0, HEAVY, 0),
    OP(load_as, REAL, MEDVOL_F32, VOLUME | HEAVY | FLOATS, 0),
    OP(load_as, REAL, MEDVOL_F64, VOLUME | HEAVY | FLOATS, 0),
    OP(load_as, REAL, MEDVOL_I16, VOLUME | HEAVY | FLOATS, 0),
    OP(load_header, BYTES, 0, VOLUME | HEAVY | FLOATS, 0),
    OP(load_header, BYTES, 2, VOLUME | HEAVY | FLOATS, 0), OP(extension, BYTES, 0, 0, 0),
    OP(file, F32, 0, VOLUME | HEAVY | FLOATS, 0), OP(file, F32, 1, VOLUME | HEAVY | FLOATS, 0),
    /* pictures */
    OP(png, REAL, 0, VOLUME | HEAVY | FLOATS, 0), OP(png, COLOUR, 0, VOLUME | HEAVY | FLOATS, 0),
    OP(png, F32, 1, VOLUME | HEAVY | FLOATS, 0), OP(render, REAL, 0, VOLUME | HEAVY | FLOATS, 0),
    OP(render, COLOUR, 1, VOLUME | HEAVY | FLOATS, 0),
    /* intensity */
    OP(stats_f32, F32, 0, 0, 0), OP(stats_f32, F32, 1, 0, 0), OP(stats_f32, F32, 2, 0, 0),
    OP(stats_f32, F32, 3, 0, 0), OP(stats_array, REAL, 0, 0, 0), OP(stats_array, REAL, 3, 0, 0),
    OP(stats, REAL, 0, VOLUME, 0), OP(stats, REAL, 1, VOLUME | HEAVY, 0),
    OP(stats, REAL, 7, VOLUME | HEAVY, 0), OP(stats_fold, F64, 0, 0, 0),
    OP(percentiles_array, REAL, 0, HEAVY | FLOATS, 0), OP(percentiles_array, TAKEN, 3, HEAVY | FLOATS, 0),
    OP(percentiles, REAL, 0, VOLUME | HEAVY | FLOATS, 0),
    OP(percentiles, TAKEN, 5, VOLUME | HEAVY | FLOATS, 0), OP(histogram_array, REAL, 0, HEAVY | FLOATS, 0),
    OP(histogram_array, TAKEN, 3, HEAVY | FLOATS, 0), OP(histogram, REAL, 0, VOLUME | HEAVY | FLOATS, 0),
    OP(histogram, TAKEN, 1, VOLUME | HEAVY | FLOATS, 0), OP(otsu, F64, 0, 0, 0),
    OP(znorm, REAL, 0, VOLUME, 0), OP(znorm, F32, 0, VOLUME | IN_PLACE, 0),
    OP(znorm, REAL, 7, VOLUME | HEAVY, 0), OP(znorm_f32, F32, 0, IN_PLACE, 0),
    OP(znorm_f32, F32, 3, IN_PLACE, 0), OP(rescale, REAL, 0, VOLUME | HEAVY, 0),
    OP(rescale, TAKEN, 7, VOLUME | HEAVY | FLOATS, 0), OP(rescale, F32, 0, VOLUME | IN_PLACE, 0),
    OP(rescale_f32, F32, 0, IN_PLACE, 0), TO(linear, TO_ARG | VOLUME | HEAVY | INTO),
    OP(linear, F32, MEDVOL_F32, VOLUME | IN_PLACE, 0), OP(linear_f32, F32, 0, IN_PLACE, 0),
    OP(clamp, REAL, 0, VOLUME | IN_PLACE, 0), OP(clamp_f32, F32, 0, IN_PLACE, 0),
    OP(threshold, REAL, 0, VOLUME | IN_PLACE, 0), OP(threshold, REAL, 1, VOLUME | HEAVY, 0),
    OP(threshold_f32, F32, 0, IN_PLACE, 0), OP(threshold_f32, F32, 1, IN_PLACE, 0),
    OP(gamma, REAL, 0, VOLUME | HEAVY, 1e-6), OP(gamma, F32, 1, VOLUME | IN_PLACE, 1e-6),
    OP(gamma_f32, F32, 0, IN_PLACE, 1e-4), OP(gamma_f32, F32, 1, IN_PLACE, 1e-4),
    OP(gamma_f32, F32, 2, IN_PLACE, 1e-4),
    /* spatial */
    OP(crop, SIZES, 0, VOLUME, 0), OP(pad, SIZES, 0, VOLUME, 0), PADS(pad, SIZES, VOLUME | HEAVY),
    OP(pad, REAL, 5, VOLUME | HEAVY, 0), OP(pad, REAL, 6, VOLUME | HEAVY, 0),
    OP(pad, REAL, 7, VOLUME | HEAVY, 0), PADS(pad_more, SIZES, VOLUME | HEAVY), PADS(pad_array, SIZES, HEAVY),
    OP(crop_or_pad, SIZES, 0, VOLUME | HEAVY, 0), OP(foreground, REAL, 0, VOLUME, 0),
    OP(foreground, REAL, 1, VOLUME | HEAVY, 0), OP(foreground, COLOUR, 0, VOLUME | HEAVY, 0),
    OP(flip, SIZES, 1, VOLUME | IN_PLACE, 0), OP(flip, SIZES, 2, VOLUME | IN_PLACE, 0),
    OP(flip, SIZES, 7, VOLUME | IN_PLACE, 0), OP(permute, SIZES, 0, VOLUME | HEAVY, 0),
    OP(permute, SIZES, 1, VOLUME, 0), OP(permute, SIZES, 2, VOLUME | HEAVY, 0),
    OP(permute_last, SIZES, 0, VOLUME | HEAVY, 0), OP(rot90, SIZES, 1, VOLUME, 0),
    OP(rot90, SIZES, 2, VOLUME | HEAVY, 0), OP(rot90, SIZES, 3, VOLUME | HEAVY, 0),
    OP(reorient, SIZES, 0, VOLUME, 0), OP(permute_array, SIZES, 0, HEAVY, 0),
    OP(permute_array, SIZES, 1, 0, 0), OP(permute_array, SIZES, 2, 0, 0), OP(permute_array, SIZES, 7, 0, 0),
    /* resampling */
    RS_ALL(MEDVOL_LINEAR), RS_ALL(MEDVOL_LINEAR + 256), RS_ALL(MEDVOL_LINEAR + 64 + 128),
    RS_ALL(MEDVOL_LINEAR + 8 * MEDVOL_BORDER_CONSTANT), RS_ALL(MEDVOL_LINEAR + 8 * MEDVOL_BORDER_WRAP),
    RS_ALL(MEDVOL_CUBIC), RS_ALL(MEDVOL_CUBIC + 8 * MEDVOL_BORDER_MIRROR),
    RS_ALL(MEDVOL_CUBIC + 8 * MEDVOL_BORDER_WRAP + 128), RS_ALL(MEDVOL_CUBIC + 64 + 128),
    RS_ALL(MEDVOL_CUBIC_CONV), RS_ALL(MEDVOL_CUBIC_CONV + 8 * MEDVOL_BORDER_EDGE),
    RS_ALL(MEDVOL_LANCZOS + 8 * MEDVOL_BORDER_MIRROR),
    RS_ALL(MEDVOL_LANCZOS + 8 * MEDVOL_BORDER_CONSTANT + 128), RS(shape, SIZES, MEDVOL_NEAREST, 0),
    RS(shape_y, SIZES, MEDVOL_NEAREST + 128, 0), RS(turn, SIZES, MEDVOL_NEAREST, 0),
    RS(turn, SIZES, MEDVOL_NEAREST + 8 * MEDVOL_BORDER_EDGE, 0),
    RS(turn, SIZES, MEDVOL_NEAREST + 8 * MEDVOL_BORDER_WRAP, 0), RS(spacing, TAKEN, MEDVOL_LINEAR, SEPARABLE),
    RS(spacing, TAKEN, MEDVOL_CUBIC, GENERAL), RS(like, TAKEN, MEDVOL_LINEAR, GENERAL),
    RS(like, TAKEN, MEDVOL_LANCZOS, GENERAL), OP(shape_f32, F32, MEDVOL_LINEAR, HEAVY | FLOATS, SEPARABLE),
    OP(shape_f32, F32, MEDVOL_CUBIC, HEAVY | FLOATS, GENERAL),
    OP(turn_f32, F32, MEDVOL_LINEAR, HEAVY | FLOATS, GENERAL),
    OP(turn_f32, F32, MEDVOL_CUBIC_CONV, HEAVY | FLOATS, GENERAL),
    /* filters */
    RS(gaussian, TAKEN, MEDVOL_BORDER_EDGE, SEPARABLE),
    RS(gaussian, TAKEN, MEDVOL_BORDER_WRAP + 32, SEPARABLE),
    RS(gaussian, F32, MEDVOL_BORDER_CONSTANT + 8, SEPARABLE), RS(gaussian, TAKEN, 16, SEPARABLE),
    SMOOTH(gaussian, MEDVOL_BORDER_MIRROR), SMOOTH(gaussian, MEDVOL_BORDER_WRAP + 8),
    RS(box_mean, TAKEN, MEDVOL_BORDER_EDGE + 8, SEPARABLE), RS(box_mean, TAKEN, 5 + 32, SEPARABLE),
    RS(box_mean, F32, MEDVOL_BORDER_CONSTANT, SEPARABLE), SMOOTH(box_mean, MEDVOL_BORDER_MIRROR),
    SMOOTH(box_mean, MEDVOL_BORDER_WRAP + 8), SMOOTH(box_mean, 5 + 16), RS(pyramid, TAKEN, 0, SEPARABLE),
    /* warps */
    RS(warp, TAKEN, MEDVOL_LINEAR, 1e-4), RS(warp, TAKEN, MEDVOL_LINEAR + 8 * MEDVOL_BORDER_EDGE + 256, 1e-4),
    RS(warp, TAKEN, MEDVOL_CUBIC, 1e-3), RS(warp, F32, MEDVOL_CUBIC_CONV + 8 * MEDVOL_BORDER_EDGE, 1e-3),
    RS(warp, COLOUR, MEDVOL_LINEAR + 128 + 256, 1e-2), RS(warp, SIZES, MEDVOL_NEAREST + 128, 0),
    RS(warp, SIZES, MEDVOL_NEAREST + 128 + 8 * MEDVOL_BORDER_EDGE, 0),
    RS(warp, WHOLE, MEDVOL_LINEAR + 64 + 128, 0),
    RS(chain_field, F32, 0, 1e-5), OP(chain_points, F64, 0, VOLUME | HEAVY, 0),
    /* fields: algebra */
    JACOBIAN(TAKEN, 0), JACOBIAN(F32, 1), JACOBIAN(F32, 2), JACOBIAN(TAKEN, 3), JACOBIAN(F32, 4),
    JACOBIAN(F32, 5), JACOBIAN(F32, 6), JACOBIAN(F32, 7), JACOBIAN(F32, 8), JACOBIAN(F32, 9 + 2),
    JACOBIAN(F32, 16), JACOBIAN(F32, 17), JACOBIAN(F32, 4 + 16), JACOBIAN(F32, 5 + 8), JACOBIAN(F32, 32),
    JACOBIAN(F32, 33), RS(exp, TAKEN, 0, MOVED), RS(exp, F32, 1 + 4, MOVED), RS(exp, F32, 2, MOVED),
    RS(exp, F64, 3 + 12, MOVED), OP(exp, F32, 0, VOLUME | HEAVY | IN_PLACE, MOVED),
    RS(invert, TAKEN, 0, MOVED),
    RS(invert, F32, 2, MOVED), OP(invert, F32, 4, VOLUME | HEAVY | IN_PLACE, MOVED),
    RS(field_file, TAKEN, 0, 0), RS(field_file, F32, 1, 0), OP(affine_text, BYTES, 0, HEAVY, 0),
    /* measures */
    RS(metric, OTHERS, 0, 0), RS(metric, F32, 0, LAID), RS(metric, TAKEN, 1, 0), RS(metric, F32, 4, LAID),
    RS(metric, OTHERS, 8, 0), RS(metric, F32, 8, LAID),
    RS(metric, F32, 8 + 1, 0), RS(metric, F32, 16, 0), RS(metric, TAKEN, 32, 0), RS(metric, F32, 4 + 1, 0),
    RS(ncc_map, OTHERS, 0, 0), RS(ncc_map, F32, 0, LAID), RS(ncc_map, TAKEN, 1 + 2, 0),
    RS(ncc_map, F32, 4 + 8, LAID), RS(ncc_map, F64, 2 + 8 + 16, 0),
    RS(distance, TAKEN, 0, 0), RS(distance, F32, 1 + 4, 0), RS(distance, F32, 2 + 8, 0),
    RS(distance, TAKEN, 16, 0), RS(distance, F32, 2 + 4 + 16, 0), RS(distance, F32, 1 + 8 + 16, 0),
    OP(distance, F32, 0, VOLUME | HEAVY | IN_PLACE, 0), RS(labels, WHOLE, 0, 0), RS(labels, WHOLE, 1, 0),
    RS(labels, WHOLE, 2, 0), RS(surface, WHOLE, 0, 0), RS(surface, WHOLE, 1, 0), RS(surface, TAKEN, 2, 0),
    RS(field_error, TAKEN, 0, 0), RS(field_error, F32, 1, 0), RS(field_error, F32, 2, 0),
    RS(field_error, F64, 4, 0), RS(field_error, F32, 5 + 2, 0), OP(point_error, F64, 0, HEAVY, 0),
    /* correlation, chi-squared, angles */
    RS(ncc, OTHERS, 0, 0), RS(ncc, TAKEN, 1 + 2, 0), RS(ncc, F32, 4, 0), RS(ncc, F64, 4 + 8, 0),
    OP(lags, F32, 2, 0, 0), OP(lags, F32, 40, HEAVY, 0),
    RS(ncc, F32, 16, 0), OP(pearson_f32, F32, 0, 0, 0), OP(pearson_f64, F64, 0, 0, 0), RS(chi2, TAKEN, 0, 0),
    RS(chi2, F32, 1 + 8, 0), RS(chi2, F64, 2, 0), RS(chi2, F32, 4, 0), RS(chi2_map, TAKEN, 0, 0),
    RS(chi2_map, F32, 1 + 4, 0), RS(chi2_map, F32, 2 + 8, 0), OP(angles, F64, 0, 0, 0),
    OP(angles, F64, 180, 0, 0),
    /* registration; 0, 1, 2: the metric or the descent */
    MATCH(affine, IMAGES, 0), MATCH(affine, F32, 1 + 12), MATCH(affine, F32, 2 + 12),
    MATCH(affine, F32, 12 + 32 + 64 + 128), MATCH(affine, F32, 2 + 32 + 256), MATCH(affine, F32, 1 + 8 + 64),
    MATCH(affine, F32, 12 + 16), MATCH(affine, F32, 2 + 4 + 16 + 64), MATCH(affine, F32, 1 + 16 + 32 + 128),
    MATCH(affine, F32, 16 + 512), MATCH(affine, F32, 2 + 16 + 32),
    MATCH(affine_by, F32, 0),
    MATCH(lncc, IMAGES, 0), MATCH(lncc, F32, 4 + 16 + 32), MATCH(lncc, F32, 1 + 16 + 64),
    MATCH(lncc, F32, 1 + 4),
    MATCH(lncc, F32, 2), MATCH(lncc, F32, 8 + 4), MATCH(lncc, F32, 8 + 16), MATCH(lncc, F32, 1 + 4 + 8),
    MATCH(bspline, IMAGES, 0 + 32), MATCH(bspline, IMAGES, 1), MATCH(bspline, IMAGES, 2 + 8),
    MATCH(bspline, F32, 1 + 4 + 32), MATCH(bspline, F32, 2 + 4), MATCH(bspline, F32, 1 + 8 + 16 + 32),
    MATCH(bspline, F32, 4 + 8 + 64), MATCH(bspline, F32, 1 + 64), MATCH(bspline, F32, 128 + 32),
    MATCH(bspline, F32, 1 + 4 + 128), MATCH(bspline, F32, 256), MATCH(bspline, F32, 256 + 4 + 8),
    MATCH(bspline, IMAGES, 512), MATCH(bspline, F32, 512 + 1024 + 1 + 8 + 32), MATCH(bspline, F32,
        512 + 2 + 8 + 16),
    MATCH(bspline, F32, 512 + 1 + 4 + 8), MATCH(bspline, F32, 512 + 1024 + 2 + 4 + 16),
    MATCH(lncc, F32, 2 + 4 + 8 + 16), MATCH(lncc, F32, 1 + 8), MATCH(lncc, F32, 2 + 8),
    FLOW(IMAGES, 0), FLOW(F32, 1), FLOW(F32, 2 + 8), FLOW(F32, 16), FLOW(F32, 4), FLOW_GAIN(4 + 8),
    FLOW(F32, 32), FLOW(F32, 64), FLOW(IMAGES, 128), FLOW(F32, 128 + 8 + 16),
    OP(cells, F64, 0, HEAVY, 0), OP(cells, F64, 1, HEAVY, 0), OP(cells, F64, 2, HEAVY, 0),
    OP(cells, F64, 3, HEAVY, 0), OP(cells, F64, 4, HEAVY, 0), OP(cells, F64, 5, HEAVY, 0),
    OP(kdtree, F64, 0, HEAVY, 0), OP(kdtree, F64, 1, HEAVY, 0), OP(kdtree, F64, 2, HEAVY, 0),
    OP(kdtree, F64, 3, HEAVY, 0), OP(kdtree, F64, 4, HEAVY, 0), OP(kdtree, F64, 5, HEAVY, 0),
    /* landmarks */
    OP(fit_points, F64, 0, FIXED | HEAVY, 1e-9), OP(fit_points, F64, 3, FIXED | HEAVY, 1e-9),
    OP(fit_points, F64, 2 + 4, FIXED | HEAVY, 1e-9), OP(fit_points, F64, 3 + 4, FIXED | HEAVY, 1e-9),
    OP(tps, F32, 0, VOLUME | HEAVY | FLOATS, 1e-5), OP(tps, F32, 1, VOLUME | HEAVY | FLOATS, 1e-5),
    OP(tps, F32, 2, VOLUME | HEAVY | FLOATS, 1e-5), OP(tps, F32, 3, VOLUME | HEAVY | FLOATS, 1e-5),
    OP(tps, F64, 4, HEAVY, 1e-9), OP(tps, F64, 5, HEAVY, 1e-9),
    OP(field_correct, F32, 0, VOLUME | HEAVY | FLOATS, 1e-5),
    OP(field_correct, F32, 1, VOLUME | HEAVY | FLOATS, 1e-5),
    PHASE(0), PHASE(1), PHASE(2), PHASE(3), PHASE(5), PHASE(8),
    OP(mind, IMAGES, 0, VOLUME | HEAVY, 0), OP(mind, F32, 1 + 4, VOLUME | HEAVY, 0),
    OP(mind, F32, 2 + 4, VOLUME | HEAVY, 0), OP(mind, F32, 1 + 2, VOLUME | HEAVY, 0),
    MATCH(search, IMAGES, 0), MATCH(search, F32, 1 + 8), MATCH(search, F32, 2 + 4), MATCH(search, F32, 4 + 8),
    MATCH(demons, IMAGES, 0), MATCH(demons, F32, 0 + 8 + 16), MATCH(demons, F32, 1 + 4 + 16 + 64),
    MATCH(demons, F32, 2 + 8), MATCH(demons, F32, 3 + 4 + 64), MATCH(demons, F32, 3 + 8 + 16),
    MATCH(demons, F32, 3 + 16),
    /* layers, contrast, pictures */
    OP(compose, LAYERED, MEDVOL_BLEND_MULTIPLY, VOLUME | HEAVY, 0),
    OP(compose, F32, MEDVOL_BLEND_COLOUR_BURN, VOLUME | HEAVY, 0),
    OP(compose, F32, MEDVOL_BLEND_VIVID_LIGHT, VOLUME | HEAVY, 0),
    OP(compose, F32, MEDVOL_BLEND_DIVIDE, VOLUME | HEAVY, 0),
    OP(compose, LAYERED, MEDVOL_BLEND_OVERLAY + 32, VOLUME | HEAVY | IN_PLACE, 0),
    OP(compose, LAYERED, MEDVOL_BLEND_HUE + 32 + 64 + 128, VOLUME | HEAVY, 0),
    OP(compose, LAYERED, MEDVOL_BLEND_SOFT_LIGHT + 128 + 512, VOLUME | HEAVY, 0),
    OP(compose, LAYERED, MEDVOL_BLEND_DISSOLVE + 256, VOLUME | HEAVY, 0),
    OP(compose, LAYERED, MEDVOL_BLEND_PIN_LIGHT + 512, VOLUME | HEAVY, 0),
    OP(clahe, IMAGES, 2 + 16, VOLUME | HEAVY | IN_PLACE, 0), OP(clahe, TAKEN, 3 + 32, VOLUME | HEAVY, 0),
    OP(match, REAL, 0, VOLUME | HEAVY | IN_PLACE, 0), OP(match, TAKEN, 1, VOLUME | HEAVY, 0),
    OP(match, TAKEN, 1 + 2, VOLUME | HEAVY, 0),
    RS(picture, TAKEN, 0, 0), RS(picture, F32, 8, 0), RS(picture, TAKEN, 1, 0), RS(picture, F32, 1 + 8, 0),
    RS(picture, TAKEN, 2, 0), RS(picture, F32, 2 + 8, 0), RS(picture, TAKEN, 4, 0), RS(picture, TAKEN, 5, 0),
    MATCH(lncc, F32, 512), MATCH(lncc, F32, 4 + 8 + 512), MATCH(lncc, IMAGES, 128),
    MATCH(lncc, F32, 128 + 512 + 4 + 16 + 32), MATCH(lncc, F32, 128 + 512 + 64 + 1),
    MATCH(lncc, F32, 128 + 512 + 2 + 32), MATCH(lncc, F32, 128 + 512 + 8), MATCH(lncc, F32, 256),
    MATCH(lncc, F32, 256 + 512 + 2), MATCH(lncc, F32, 256 + 512 + 1 + 4 + 16),
    MATCH(lncc, F32, 256 + 512 + 8 + 4 + 32),
    /* transport */
    OP(stopping, F64, 0, HEAVY, 1e-12), OP(stopping, F64, 1, HEAVY, 1e-12),
    OP(stopping, F64, 2, HEAVY, 1e-12), OP(stopping, F64, 3, HEAVY, 1e-12),
    OP(stopping, F64, 4, HEAVY, 1e-12), OP(stopping, F64, 5, HEAVY, 1e-12),
    OP(stopping, F64, 6, FIXED | HEAVY, 1e-12),
    OP(transport_march, F32, 0, VOLUME | HEAVY | FLOATS, 1e-5),
    OP(transport_march, F32, 1, VOLUME | HEAVY | FLOATS, 1e-5),
    OP(transport_dose, F32, 0, VOLUME | HEAVY | FLOATS, 1e-5),
    OP(transport_dose, F32, 1, VOLUME | HEAVY | FLOATS, 1e-5),
    OP(transport_step, F32, 0, HEAVY | FLOATS, 1e-5), OP(transport_step, F32, 1, HEAVY | FLOATS, 1e-5),
    OP(depth_dose, F32, 0, VOLUME | HEAVY, 1e-12),
    /* dense linear algebra */
    DIAG(0), DIAG(1), DIAG(2), DIAG(3), DIAG(6), DIAG(7), DIAG(8),
    DIAG(9), DIAG(16), DIAG(17),
    GEMM(0), GEMM(1), GEMM(8), GEMM(9), GEMM(5), GEMM(13), GEMM(17), GEMM(19), OP(chol, F64, 0, HEAVY, 1e-13),
    OP(chol, F64, 1, HEAVY, 1e-13), OP(chol_solve, F64, 0, HEAVY, 1e-10),
    OP(chol_solve, F64, 1, HEAVY, 1e-10), OP(ldlt, F64, 0, HEAVY, 1e-10),
    OP(eigh, F64, 0, HEAVY, 1e-10), OP(eigh, F64, 1, HEAVY, 1e-10), OP(svd, F64, 0, HEAVY, 1e-10),
    OP(svd, F64, 1, HEAVY, 1e-10), OP(svd, F64, 2, HEAVY, 1e-10), OP(svd, F64, 3, HEAVY, 1e-10),
    /* Fourier transforms */
    FFT(64), FFT(64 + MEDVOL_FFT_INVERSE), FFT(128), FFT(128 + MEDVOL_FFT_CENTERED), FFT(0),
    FFT(MEDVOL_FFT_REAL), FFT(MEDVOL_FFT_REAL + MEDVOL_FFT_INVERSE), FFT(128 + MEDVOL_FFT_REAL), FFT(192),
    FFT(192 + MEDVOL_FFT_REAL), FFT(192 + MEDVOL_FFT_REAL + MEDVOL_FFT_INVERSE),
    OP(fft_long, FLOATING, 0, FIXED | HEAVY, 1e-4), OP(fft_along, FLOATING, 64, FIXED | HEAVY, 1e-4),
    OP(fft_along, FLOATING, 16, FIXED | HEAVY, 1e-4),
    OP(fft_along, FLOATING, 28, FIXED | HEAVY, 1e-4), OP(fft_along, FLOATING, 24, FIXED | HEAVY, 1e-4),
    OP(fft_along, FLOATING, 20, FIXED | HEAVY, 1e-4), OP(fft_along, FLOATING, 18, FIXED | HEAVY, 1e-4),
    OP(fft_along, FLOATING, 8, FIXED | HEAVY, 1e-4), OP(fft_along, FLOATING, 4, FIXED | HEAVY, 1e-4),
    OP(fft_along, FLOATING, 45, FIXED | HEAVY, 1e-4), OP(fft_along, FLOATING, 21, FIXED | HEAVY, 1e-4),
    OP(fft_with, FLOATING, 0, HEAVY | FLOATS, 1e-4),
    OP(fft_call, FOURIER, 0, VOLUME | HEAVY | FLOATS, 1e-4),
    OP(rfft_call, REALS, 0, VOLUME | HEAVY | FLOATS, 1e-4),
    OP(irfft_call, COMPLEX, 0, VOLUME | HEAVY | FLOATS, 1e-4), CONV(0 + 4), CONV(1 + 4), CONV(2 + 4),
    CONV(0 + 8), CONV(1 + 8), CONV(2 + 8), OP(correlate, REALS, 0, VOLUME | HEAVY | FLOATS, 1),
    OP(sense, COMPLEX, 0, VOLUME | HEAVY | FLOATS, 1e-3),
    OP(sense, COMPLEX, 1, VOLUME | HEAVY | FLOATS, 1e-3),
    OP(sense, COMPLEX, 2, VOLUME | HEAVY | FLOATS, 1e-2),
    OP(sense, COMPLEX, 3, VOLUME | HEAVY | FLOATS, 1e-2),
    /* trajectories */
    OP(traj_make, F64, 0, VOLUME | HEAVY, 0), OP(traj_make, F64, 1, VOLUME | HEAVY, 0),
    OP(traj_make, F64, 2, VOLUME | HEAVY, 0), OP(traj_make, F64, 3, VOLUME | HEAVY, 0),
    OP(traj_make, FOURIER, 4, VOLUME | HEAVY, 0), OP(traj_curves, F64, 0, VOLUME | HEAVY, 0),
    OP(traj_curves, F64, 1, VOLUME | HEAVY, 0), OP(traj_convert, F64, 0, VOLUME | HEAVY | IN_PLACE, 0),
    OP(traj_convert, F64, 1, VOLUME | HEAVY, 0), OP(traj_convert, FOURIER, 2, VOLUME | HEAVY, 0),
    OP(traj_delay, F64, 0, VOLUME | HEAVY, 0), OP(traj_shots, SIZES, 0, VOLUME | HEAVY, 0),
    OP(traj_shots, SIZES, 1, VOLUME | HEAVY, 0), OP(traj_shots, F64, 2, VOLUME | HEAVY, 0),
    OP(gate, F64, 0, VOLUME | HEAVY, 0), OP(gate, F64, 1, VOLUME | HEAVY, 0),
    OP(gate, F64, 2, VOLUME | HEAVY, 0), OP(gate, F64, 3, VOLUME | HEAVY, 0),
    OP(delays, F64, 0, FIXED | HEAVY, 1e-6), OP(delays, F64, 1, FIXED | HEAVY, 1e-6),
    OP(dcf, F64, 0, VOLUME | HEAVY, 0), OP(dcf, F64, 1, VOLUME | HEAVY, 0),
    OP(dcf, F64, 2, VOLUME | HEAVY, 0), OP(dcf, F64, 3, VOLUME | HEAVY, 0),
    OP(dcf, F64, 4, VOLUME | HEAVY, 0),
    OP(phantom_samples, F64, 1, VOLUME | HEAVY, 1e-8), OP(phantom_samples, F64, 3, VOLUME | HEAVY, 1e-8),
    OP(phantom_samples, F64, 6, VOLUME | HEAVY, 1e-8),
    /* iterative reconstruction */
    OP(wavelet, ONE_COMPLEX, 0, VOLUME | IN_PLACE | FLOATS, 1e-5),
    OP(wavelet, ONE_COMPLEX, 1, VOLUME | IN_PLACE | HEAVY, 1e-5),
    OP(wavelet, ONE_COMPLEX, 2, VOLUME | IN_PLACE | FLOATS, 1e-5),
    OP(wavelet, ONE_COMPLEX, 4, VOLUME | IN_PLACE | FLOATS, 1e-5),
    OP(wavelet, ONE_COMPLEX, 6, VOLUME | IN_PLACE | FLOATS, 1e-5),
    OP(prox, ONE_COMPLEX, 0, VOLUME | IN_PLACE | HEAVY, 1e-5),
    OP(prox, ONE_COMPLEX, 1, VOLUME | IN_PLACE | HEAVY, 1e-5),
    OP(prox, ONE_COMPLEX, 9, VOLUME | IN_PLACE | FLOATS, 1e-5),
    OP(prox, ONE_COMPLEX, 2, VOLUME | IN_PLACE | HEAVY, 1e-5),
    OP(prox, ONE_COMPLEX, 3, VOLUME | IN_PLACE | FLOATS, 1e-3),
    OP(prox, ONE_COMPLEX, 4, VOLUME | IN_PLACE | HEAVY, 1e-4),
    OP(reg_value, ONE_COMPLEX, 1, VOLUME | FLOATS, 1e-5),
    OP(reg_value, ONE_COMPLEX, 3, VOLUME | HEAVY, 1e-5), OP(reg_value, ONE_COMPLEX, 4, VOLUME | HEAVY, 1e-5),
    OP(encode, COMPLEX, 0, VOLUME | HEAVY | FLOATS, 1e-3),
    OP(encode, COMPLEX, 1, VOLUME | HEAVY | FLOATS, 1e-3),
    OP(encode, COMPLEX, 2, VOLUME | HEAVY | FLOATS, 1e-3),
    OP(encode, COMPLEX, 3, VOLUME | HEAVY | FLOATS, 1e-5),
    OP(encode, ONE_COMPLEX, 4, VOLUME | HEAVY | FLOATS, 1e-2),
    OP(encode, ONE_COMPLEX, 6, VOLUME | HEAVY | FLOATS, 1e-2),
    OP(encode, ONE_COMPLEX, 8, VOLUME | HEAVY | FLOATS, 1e-2),
    OP(encode, ONE_COMPLEX, 10, VOLUME | HEAVY | FLOATS, 1e-2),
    OP(recon, ONE_COMPLEX, 1, VOLUME | HEAVY | FLOATS, 1e-2),
    OP(recon, ONE_COMPLEX, 2, VOLUME | HEAVY | FLOATS, 1e-2),
    OP(recon, ONE_COMPLEX, 3, VOLUME | HEAVY | FLOATS, 1e-2),
    OP(recon, ONE_COMPLEX, 12, VOLUME | HEAVY | FLOATS, 1e-2),
    OP(recon, ONE_COMPLEX, 13, VOLUME | HEAVY | FLOATS, 1e-2),
    OP(recon, ONE_COMPLEX, 21, VOLUME | HEAVY | FLOATS, 1e-2),
    OP(solve, F32, 0, VOLUME | HEAVY | FLOATS, 1e-2), OP(solve, F32, 1, VOLUME | HEAVY | FLOATS, 1e-2),
    OP(solve, F32, 2, VOLUME | HEAVY | FLOATS, 1e-2),
    OP(solve, F32, 3, VOLUME | HEAVY | FLOATS, 1e-2), OP(solve, F32, 4, VOLUME | HEAVY | FLOATS, 1e-2),
    OP(solve, F32, 5, VOLUME | HEAVY | FLOATS, 1e-2),
    /* transforms of samples anywhere */
    NUFFT(0, 0, 1, 1e-2), NUFFT(1, 0, 1, 10), NUFFT(0, 0, 2, 1e-2), NUFFT(1, 0, 2, 10),
    NUFFT(0, 0, 3, 1e-2), NUFFT(1, 0, 3, 10), NUFFT(0, 0, 4, 1e-2), NUFFT(1, 0, 4, 10),
    NUFFT(0, 0, 8, 1e-2), NUFFT(1, 0, 8, 10), NUFFT(0, 0, 9, 1e-2), NUFFT(1, 0, 9, 10),
    NUFFT(0, 1, 1, 1e-2), NUFFT(1, 1, 1, 10), NUFFT(0, 1, 3, 1e-2), NUFFT(1, 1, 3, 10),
    NUFFT(0, 1, 8, 1e-2), NUFFT(1, 1, 8, 10), NUFFT(2, 0, 5, 1e4), NUFFT(2, 1, 2, 1e4),
    NUFFT(3, 0, 5, 1e4), NUFFT(3, 1, 2, 1e4), NUFFT(4, 1, 2, 1e-1), NUFFT(4, 0, 1, 1e-1),
    NUFFT(5, 1, 2, 1e-1), NUFFT(5, 0, 1, 1e-1), NUFFT(6, 1, 2, 1e-1), NUFFT(6, 0, 1, 1e-1),
    NUFFT(7, 1, 2, 1e-1), NUFFT(7, 0, 1, 1e-1), NUFFT(8, 0, 1, 1e-2), NUFFT(8, 1, 1, 1e-2),
    NUFFT(9, 0, 1, 1), NUFFT(9, 1, 1, 1), NUFFT(10, 0, 2, 1), NUFFT(10, 1, 1, 1), NUFFT(10, 0, 4, 1e4),
    OP(phase, REALS, 0, VOLUME | HEAVY | FLOATS, 0), OP(phase, REALS, 10, VOLUME | HEAVY | FLOATS, 0),
    /* magnetic resonance: missing lines */
    OP(grappa, COMPLEX, 0, VOLUME | HEAVY | FLOATS, 1e-5),
    OP(grappa, ONE_COMPLEX, 1, VOLUME | HEAVY | FLOATS | IN_PLACE, 1e-5),
    /* coils */
    COIL(rss, 0, 1e-6), COIL(combine, 0, 1), COIL(combine, 1, 1e-3), COIL(expand, 0, 1),
    COIL(expand, 1, 1e-3), COIL(noise, 0, 1e3), COIL(apply, 1, 10), COIL(apply, 5, 10), COIL(whiten, 0, 1e-3),
    COIL(compress, 0, 1e-2), COIL(gcc, 0, 10), COIL(walsh, 1, 1e-6),
    COIL(walsh, 5, 1e-6), COIL(inati, 1, 1e-5), COIL(inati, 5, 1e-5), COIL(lowres, 0, 1e-7),
    OP(espirit, COMPLEX, 1, VOLUME | HEAVY | FLOATS, 1e-5),
    OP(espirit, COMPLEX, 2, VOLUME | HEAVY | FLOATS, 1e-5),
    /* k-space */
    OP(ks_window, SPECTRA, 0, VOLUME | IN_PLACE, 0), OP(ks_window, SPECTRA, 12, VOLUME | IN_PLACE | HEAVY, 0),
    OP(ks_resize, SPECTRA, 0, VOLUME, 0), OP(ks_resize, SPECTRA, 1, VOLUME | HEAVY, 0),
    OP(mask, F32, 0, VOLUME | HEAVY, 0), OP(mask, F32, 1, VOLUME | HEAVY, 0),
    OP(mask, F32, 2, VOLUME | HEAVY, 0),
    OP(phantom, F32, 0, VOLUME | HEAVY, 0), OP(phantom, F32, 1, VOLUME | HEAVY, 0),
    OP(phantom, F32, 2, VOLUME | HEAVY, 0), OP(phantom, F32, 5, VOLUME | HEAVY, 0),
    OP(partial, C64, 0, VOLUME | HEAVY | IN_PLACE, 1), OP(partial, C64, 1, VOLUME | HEAVY | IN_PLACE, 1),
    OP(partial, C64, 4, VOLUME | HEAVY | IN_PLACE, 1), OP(partial, C64, 5, VOLUME | HEAVY | IN_PLACE, 1),
    OP(epi, C64, 0, VOLUME | HEAVY | IN_PLACE, 1e-5), OP(epi_estimate, C64, 0, VOLUME | HEAVY, 1e-5),
    OP(ramp, C64, 0, VOLUME | HEAVY, 1e-4),
    /* shifts that are as good as each other */
    OP(unring, F32, 3, VOLUME | HEAVY | FLOATS, 2), OP(unring, C64, 1, VOLUME | HEAVY | FLOATS, 2),
    OP(unring, TAKEN, 2, VOLUME | HEAVY | FLOATS, 2),
    {NULL, NULL, NULL, 0, 0, 0}};

/* ---- the loops ----------------------------------------------------------------------------------------- */
static void once(void) {
    int i;
    ins = outs = shared = seen_n = 0;
    if (place.reference) kept_n = 0, kept_bytes = 0;
    row->run();
    for (i = place.in_place; i < ins; i++) unchanged(&sources[i]);
    for (i = 0; i < outs; i++) collect(&targets[i]);
    CHECK(seen_n == kept_n);
}
static void both_places(void) { /* out of place and in place */
    once();
    if (!(row->flags & IN_PLACE)) return;
    place.in_place = 1;
    once();
    place.in_place = 0;
}
static void own_memory(void) {
    mv_ctx_desc was = T->desc;
    T->desc.mem_alloc = guarded_alloc, T->desc.mem_free = guarded_free;
    place.own = 1;
    for (place.at_start = 0; place.at_start < 2; place.at_start++) once();
    place.own = place.at_start = 0;
    T->desc = was;
}
/* all offsets of sources while destinations touch the unreadable page and the reverse, without gaps and with;
   or, for each length, none without gaps and another pair with */
static void every_place(size_t offsets, unsigned all) {
    const int gaps = !!(row->flags & VOLUME);
    for (place.at_start = 0; place.at_start < 2; place.at_start++)
        for (place.from = 0; place.from < offsets; place.from++)
            for (place.to = 0; place.to < offsets; place.to++) {
                int none = place.from + place.to == 0,
                    some = place.from == N % offsets && place.to == (N / 2 + 1) % offsets,
                    many = place.from == 0 || place.to == 0;
                if (!(all && !(row->flags & HEAVY) ? many : none || some)) continue;
                for (place.strided = all || none ? 0 : gaps; place.strided <= (all || some ? gaps : 0);
                     place.strided++)
                    both_places();
            }
    place.from = place.to = 0;
    place.at_start = place.strided = 0;
}
static void every_length(unsigned all) {
    size_t z = mv_dtype_size(TYPE), most, offsets, step = 1;
    offsets = z < 64 ? 64 / z : 1;
    if ((row->flags & TO_ARG) && mv_dtype_size((mv_dtype)ARG) < z) z = mv_dtype_size((mv_dtype)ARG);
    if (z == 3) z = 1;
    if ((row->flags & FLOATS) && z < 4) z = 4;
    most = row->flags & FIXED ? 1 : z < 64 ? 4 * (64 / z) + 1 : 5;
    if (all) step = all;
    else step = t_threads > 1 && most > 1 ? most - 1 : row->flags & HEAVY ? 1 + most / 6 : 1;
    for (N = row->flags & (VOLUME | FIXED) ? 1 : 0; N <= most; N += step) {
        memset(&place, 0, sizeof place);
        place.reference = 1;
        mv_level_force(1);
        once();
        mv_level_force(t_level);
        place.reference = 0;
        every_place(offsets, all);
        if (all || (row->flags & (VOLUME | HEAVY))) own_memory();
    }
}
static void test_every(void) {
    /* 1: all offsets; 7: for each seventh length; 0: as without, but tells */
    const char *asked = getenv("GUARD");
    const unsigned all = asked && t_threads == 1 ? (unsigned)atoi(asked) : 0;
    void (*segv)(int) = signal(SIGSEGV, fault);
#ifdef SIGBUS
    void (*bus)(int) = signal(SIGBUS, fault);
#endif
    size_t i;
    calls = 0;
    for (row = rows; row->name; row++)
        for (i = 0; row->types[i]; i++) {
            TYPE = row->types[i];
            ARG = row->arg;
            every_length(all);
        }
    signal(SIGSEGV, segv);
#ifdef SIGBUS
    signal(SIGBUS, bus);
#endif
    for (i = 0; i < SLOTS; i++) {
        t_guard_free(sources[i].mem, SPAN), t_guard_free(sources[i].image, SPAN);
        t_guard_free(targets[i].mem, SPAN), t_guard_free(targets[i].image, SPAN);
    }
    memset(sources, 0, sizeof sources);
    memset(targets, 0, sizeof targets);
    if (asked)
        printf("guard: level %d (%s), %d thread%s: %zu rows, %zu calls\n", t_level, (mv_level_name)(t_level),
            t_threads, t_threads > 1 ? "s" : "", sizeof rows / sizeof *rows - 1, calls);
}

const t_case tests_guard[] = {
    {"left_out", left_out, T_ONCE},
    {"every", test_every, 0},
    {NULL, NULL, 0},
};
