/* rows_core.c - context, volumes, types, affine geometry. */
#define BENCH_MARK_CALLS
#include "bench.h"

static double same(const bench *b, size_t i) { return bench_value(&b->in, i); }

/* ---- context ---- */
static mv_status ask(bench *b) { /* what costs nothing should cost nothing */
    b->numbers = 4;
    b->number[0] = mv_threads(b->ctx);
    b->number[1] = (double)strlen(mv_version());
    b->number[2] = (double)mv_warnings(b->ctx) + mv_message(b->ctx)[0];
    b->number[3] = mv_status_str(MEDVOL_OK) && mv_level_name(mv_level()) && mv_level_force(mv_level());
    return MEDVOL_OK;
}
static double want_ask(const bench *b, size_t i) {
    return i == 0 ? (b->ctx->desc.threads) : i == 1 ? (double)strlen(mv_version()) : i == 2 ? 0 : 1;
}
static mv_status start_stop(bench *b) {
    mv_ctx ctx;
    mv_ctx_desc desc = b->ctx->desc;
    mv_status st = mv_ctx_init(&ctx, &desc);
    b->numbers = 1;
    b->number[0] = mv_threads(&ctx);
    mv_ctx_free(&ctx);
    return st;
}
static double want_threads(const bench *b, size_t i) {
    (void)i;
    return b->ctx->desc.threads;
}
static void note(void *arg, size_t i) { ((double *)arg)[i] = (double)i; }
static mv_status dispatch(bench *b) {
    b->numbers = 32;
    return mv_parallel_for(b->ctx, 32, note, b->number, NULL);
}
static double want_index(const bench *b, size_t i) {
    (void)b;
    return (double)i;
}
static mv_status workspace(bench *b) { /* no byte of it is touched but the heads of pieces */
    mv_workspace ws;
    void *piece[32];
    size_t k;
    mv_status st = mv_workspace_init(b->ctx, &ws, 32 * 1024);
    if (st < 0) return st;
    for (k = 0; k < 32; k++) piece[k] = b->ctx->desc.mem_alloc(b->ctx->desc.mem_user, 700 + 8 * k);
    b->numbers = 3;
    b->number[0] = (double)ws.held;
    for (k = 0; k < 32; k++) b->ctx->desc.mem_free(b->ctx->desc.mem_user, piece[7 * k % 32]);
    b->number[1] = (double)ws.held;
    b->number[2] = (double)ws.missed;
    return mv_workspace_free(b->ctx, &ws);
}
static double want_workspace(const bench *b, size_t i) {
    size_t k, sum = 0;
    (void)b;
    for (k = 0; k < 32; k++) sum += (700 + 8 * k + 127) / 64 * 64;
    return i == 0 ? (double)sum : 0;
}

/* ---- volumes ---- */
static mv_status handle(bench *b) { /* everything about a volume but its voxels */
    mv_volume v, box;
    size_t start[3] = {1, 2, 3}, size[3] = {2, 2, 2};
    mv_status st = mv_volume_wrap(b->ctx, &v, b->in.data, b->in.dtype, 3, b->in.dim, NULL);
    if (st >= 0) st = mv_volume_view(b->ctx, &box, &v, start, size);
    b->numbers = 4;
    b->number[0] = (double)mv_volume_count(&box);
    b->number[1] = mv_volume_contiguous(&v) - mv_volume_contiguous(&box);
    b->number[2] = (double)mv_dtype_size(v.dtype);
    b->number[3] = mv_dtype_name(v.dtype)[0];
    return st;
}
static double want_handle(const bench *b, size_t i) {
    static const double w[4] = {8, 1, 4, 'f'};
    (void)b;
    return w[i];
}
static mv_status alloc_free(bench *b) { /* nobody touches the pages */
    mv_volume v;
    mv_status st = mv_volume_alloc(b->ctx, &v, b->in.dtype, 3, b->in.dim);
    b->numbers = 1;
    b->number[0] = st >= 0 && v.data != NULL;
    mv_volume_free(b->ctx, &v);
    return st;
}
static double want_one(const bench *b, size_t i) {
    (void)b, (void)i;
    return 1;
}
static mv_status copy(bench *b) { return mv_volume_copy(b->ctx, &b->out, &b->in); }
static mv_status copy_new(bench *b) {
    mv_volume_free(b->ctx, &b->out);
    return mv_volume_copy(b->ctx, &b->out, &b->in);
}

/* ---- types ---- */
#define CONVERT(name, type)                                                                                  \
    static mv_status to_##name(bench *b) { return mv_convert(b->ctx, &b->out, &b->in, type, NULL); }
CONVERT(f32, MEDVOL_F32)
CONVERT(f64, MEDVOL_F64)
CONVERT(i16, MEDVOL_I16)
CONVERT(u8, MEDVOL_U8)
CONVERT(f16, MEDVOL_F16)
static mv_status scaled(bench *b) {
    b->in.slope = 0.5;
    b->in.inter = -10;
    return mv_convert(b->ctx, &b->out, &b->in, MEDVOL_F32, NULL);
}
static double want_scaled(const bench *b, size_t i) { return bench_value(&b->in, i) * 0.5 - 10; }
static double want_rounded(const bench *b, size_t i) { return rint(bench_value(&b->in, i)); }
static double want_u8(const bench *b, size_t i) { return fmin(rint(bench_value(&b->in, i)), 255.0); }
static mv_status like_in(bench *b) {
    mv_status st = mv_volume_alloc(b->ctx, &b->out, MEDVOL_F32, 3, b->in.dim);
    if (st >= 0) memset(b->out.data, 1, bench_bytes(&b->out));
    return st;
}
static mv_status convert_array(bench *b) {
    return mv_convert_array(b->ctx, b->out.data, MEDVOL_F32, b->in.data, b->in.dtype, mv_volume_count(&b->in),
        0.5, -10);
}

/* ---- affine geometry ---- */
static mv_status algebra(bench *b) { /* once each; the points go there and back */
    double a[12], c[12], inverse[12], mm[3], bcd[3], offset[3], spacing[3], qfac, p[3] = {1, 2, 3}, w[3];
    int axis[3], sign[3];
    char code[4];
    const double scale[3] = {2, 3, 4};
    mv_status st;
    mv_affine_identity(a);
    mv_affine_from_spacing(c, scale, NULL);
    mv_affine_mul(a, a, c);
    st = mv_affine_invert(inverse, a);
    mv_affine_spacing(mm, a);
    b->numbers = 8;
    b->number[0] = mv_affine_det(a);
    b->number[1] = mm[1];
    b->number[2] = mv_affine_to_qform(a, bcd, offset, spacing, &qfac);
    mv_affine_from_qform(c, bcd, offset, spacing, qfac);
    mv_affine_orientation(c, axis, sign);
    b->number[3] = axis[2] * sign[2];
    mv_affine_apply(w, inverse, scale);
    b->number[4] = w[0] + w[1] + w[2];
    if (st >= 0) st = mv_voxel_to_world(&b->in, w, p);
    if (st >= 0) st = mv_world_to_voxel(&b->in, p, w);
    b->number[5] = p[2];
    mv_spacing(&b->in, mm);
    b->number[6] = mm[0];
    mv_orientation(&b->in, code);
    b->number[7] = code[0];
    return st;
}
static double want_algebra(const bench *b, size_t i) {
    static const double w[8] = {24, 3, 0, 2, 3, 3, 0.9, 'R'};
    (void)b;
    return w[i];
}
static mv_status powers(bench *b) { /* the half of a map, twice; its logarithm's exponential; its parts */
    static const double map[12] = {1.1, -0.3, 0.1, 5, 0.4, 0.9, -0.2, -6, 0, 0.15, 1.05, 7};
    static const double centre[3] = {10, 20, 30};
    double half[12], a[12];
    mv_affine_parts parts;
    mv_status st = mv_affine_sqrt(half, map);
    int k;
    if (st < 0) return st;
    mv_affine_mul(a, half, half);
    b->numbers = 25;
    for (k = 0; k < 12; k++) b->number[k] = a[k] - map[k];
    if ((st = mv_affine_log(a, map)) >= 0) st = mv_affine_exp(a, a);
    if (st >= 0) st = mv_affine_decompose(&parts, map, centre);
    if (st < 0) return st;
    for (k = 0; k < 12; k++) b->number[12 + k] = a[k] - map[k];
    mv_affine_compose(a, &parts);
    for (k = 0; k < 12; k++) b->number[12 + k] += fabs(a[k] - map[k]);
    b->number[24] = parts.scale[0] * parts.scale[1] * parts.scale[2] / mv_affine_det(map);
    return st;
}
static double want_powers(const bench *b, size_t i) {
    (void)b;
    return i == 24;
}
/* a third of in each: x, y, z as doubles */
static mv_status points_setup(bench *b) {
    size_t n = mv_volume_count(&b->in);
    return mv_volume_alloc(b->ctx, &b->out, MEDVOL_F64, 1, &n);
}
static const double turn[12] = {0.6, -0.8, 0.1, 5, 0.8, 0.6, -0.2, 6, 0, 0.3, 0.9, 7};
static mv_status points(bench *b) {
    size_t n = mv_volume_count(&b->in) / 3;
    const double *s = (const double *)b->in.data;
    double *d = (double *)b->out.data;
    return mv_affine_apply_points(b->ctx, turn, d, d + n, d + 2 * n, s, s + n, s + 2 * n, n);
}
static double want_points(const bench *b, size_t i) {
    size_t n = mv_volume_count(&b->in) / 3, r = i / n, k = i % n;
    const double *s = (const double *)b->in.data;
    if (r > 2) return ((const double *)b->out.data)[i]; /* the one or two left over */
    return turn[4 * r] * s[k] + turn[4 * r + 1] * s[n + k] + turn[4 * r + 2] * s[2 * n + k] + turn[4 * r + 3];
}

const bench_row rows_core[] = {
    {"context, asked", MEDVOL_F32, ask, want_ask, .most = 1},
    {"context, started and stopped", MEDVOL_F32, start_stop, want_threads, .most = 1},
    {"32 empty jobs", MEDVOL_F32, dispatch, want_index, .most = 1},
    {"workspace, 32 pieces", MEDVOL_F32, workspace, want_workspace, .most = 1},
    {"volume, wrapped and viewed", MEDVOL_F32, handle, want_handle, .most = 1},
    {"volume alloc, free", MEDVOL_F32, alloc_free, want_one},
    {"volume copy", MEDVOL_F32, copy, same, .floor = "c"},
    {"volume copy, new memory", MEDVOL_F32, copy_new, same, .floor = "c"},
    {"convert to f32", MEDVOL_I16, to_f32, same, .floor = "m"},
    {"convert to f32", MEDVOL_U8, to_f32, same, .floor = "m"},
    {"convert to f32", MEDVOL_F16, to_f32, same, .floor = "m"},
    {"convert to f32, scaled", MEDVOL_I16, scaled, want_scaled, .floor = "m"},
    {"convert to f64", MEDVOL_F32, to_f64, same, .floor = "m"},
    {"convert to f32", MEDVOL_F64, to_f32, same, 1e-7, .floor = "m"},
    {"convert to i16", MEDVOL_F32, to_i16, want_rounded, .floor = "m"},
    {"convert to u8", MEDVOL_F32, to_u8, want_u8, .floor = "m"},
    {"convert to f16", MEDVOL_F32, to_f16, same, 1e-3, .floor = "m"},
    {"convert array, scaled", MEDVOL_I16, convert_array, want_scaled, .floor = "m", .setup = like_in},
    {"affine algebra", MEDVOL_F32, algebra, want_algebra, 1e-12, .most = 1},
    {"affine powers and parts", MEDVOL_F32, powers, want_powers, 1e-12, .most = 1},
    {"affine of points", MEDVOL_F64, points, want_points, 1e-14, .floor = "c", .setup = points_setup},
    {0},
};
