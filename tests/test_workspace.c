/* test_workspace.c - mv_workspace: pieces against a naive model, calls repeated in a block of the size they
   were measured to need, results that outlive it or are older, refusals. */
#include "test.h"

enum { UNIT = 64, ROOM = 4096, PIECES = 48 };

/* ---- the model: a map of units, one byte each; the smallest gap that fits, the first of equals ---- */
static unsigned char taken[ROOM];
static size_t model_place(size_t units) {
    size_t i = 0, best = ROOM, least = ROOM + 1, end = 0;
    for (i = 0; i < ROOM; i++)
        if (taken[i]) end = i + 1;
    for (i = 0; i < end;) {
        size_t from = i;
        while (i < end && !taken[i]) i++;
        if (i - from >= units && i - from < least) least = i - from, best = from;
        while (i < end && taken[i]) i++;
    }
    return best < ROOM ? best : end;
}
typedef struct { unsigned char *p; size_t bytes, at, units; unsigned char mark; } piece;
/* One fixed sequence of requests and releases; returns the units that the model needed. */
static size_t sequence(mv_ctx *ctx, mv_workspace *ws, int turns) {
    static piece piece_of[PIECES];
    size_t need = 0, held = 0, k, i, missed = 0;
    int turn, good = 1;
    memset(piece_of, 0, sizeof piece_of), memset(taken, 0, sizeof taken);
    t_seed(77);
    for (turn = 0; turn < turns; turn++) {
        piece *a = &piece_of[t_bits() % PIECES];
        if (a->p) {
            for (i = 0; i < a->bytes; i++) good &= a->p[i] == a->mark;
            ctx->desc.mem_free(ctx->desc.mem_user, a->p);
            memset(taken + a->at, 0, a->units);
            held -= a->units, a->p = NULL;
        } else {
            a->bytes = (size_t)(t_bits() % 8 ? t_bits() % 700 : t_bits() % 5000);
            a->units = (a->bytes + 127) / UNIT;
            a->at = model_place(a->units);
            if (!CHECK(a->at + a->units <= ROOM)) return 0;
            memset(taken + a->at, 1, a->units);
            held += a->units;
            if (need < a->at + a->units) need = a->at + a->units;
            missed += (a->at + a->units) * UNIT > ws->bytes;
            a->p = (unsigned char *)ctx->desc.mem_alloc(ctx->desc.mem_user, a->bytes);
            if (!CHECK(a->p != NULL)) return 0;
            if ((a->at + a->units) * UNIT <= ws->bytes) /* where the model says */
                good &= a->p == (unsigned char *)ws->block + (a->at + 1) * UNIT;
            a->mark = (unsigned char)turn;
            memset(a->p, a->mark, a->bytes);
        }
        good &= ws->held == held * UNIT && ws->need == need * UNIT && ws->missed == missed;
    }
    CHECK(good);
    for (k = 0; k < PIECES; k++)
        if (piece_of[k].p) {
            for (i = 0; i < piece_of[k].bytes; i++) good &= piece_of[k].p[i] == piece_of[k].mark;
            ctx->desc.mem_free(ctx->desc.mem_user, piece_of[k].p);
        }
    CHECK(good && ws->held == 0);
    return need;
}
static void pieces(void) {
    mv_workspace ws;
    mv_ctx_desc before = T->desc;
    size_t need, most;
    CHECK_OK(mv_workspace_init(T, &ws, 0));
    need = sequence(T, &ws, 3000) * UNIT;
    CHECK(ws.need == need && need > 20000 && ws.missed > 1000);
    CHECK_OK(mv_workspace_free(T, &ws));
    CHECK(memcmp(&before, &T->desc, sizeof before) == 0 && !ws.ctx);
    /* that many bytes hold them all; 64 fewer do not; the places stay */
    CHECK_OK(mv_workspace_init(T, &ws, need));
    most = t_allocations();
    CHECK(sequence(T, &ws, 3000) * UNIT == need && ws.missed == 0 && t_allocations() == most);
    CHECK_OK(mv_workspace_free(T, &ws));
    CHECK_OK(mv_workspace_init(T, &ws, need - UNIT));
    CHECK(sequence(T, &ws, 3000) * UNIT == need && ws.missed > 0 && ws.need == need);
    CHECK_OK(mv_workspace_free(T, &ws));
    CHECK_OK(mv_workspace_init(T, &ws, need / 2 + 1));
    CHECK(sequence(T, &ws, 3000) * UNIT == need);
    CHECK_OK(mv_workspace_free(T, &ws));
    CHECK_OK(mv_workspace_free(T, &ws)); /* empty now */
}

/* ---- calls again and again ---- */
static mv_volume fixed, moving, noise, label, spectrum;
static double seen(double x, double y, double z) {
    return 100 * exp(-(x * x + y * y + 2 * z * z) / 60) + 8 * sin(0.7 * x) * cos(0.6 * y) + 4 * sin(0.8 * z);
}
static void inputs(void) {
    const size_t dim[3] = {26, 24, 22}, shape[3] = {24, 20, 1};
    size_t i, j, k, at = 0;
    mv_phantom_opt o = {0};
    t_seed(5);
    CHECK_OK(mv_volume_alloc(T, &fixed, MEDVOL_F32, 3, dim));
    CHECK_OK(mv_volume_alloc(T, &moving, MEDVOL_F32, 3, dim));
    CHECK_OK(mv_volume_alloc(T, &noise, MEDVOL_I16, 3, dim));
    CHECK_OK(mv_volume_alloc(T, &label, MEDVOL_U8, 3, dim));
    for (k = 0; k < dim[2]; k++)
        for (j = 0; j < dim[1]; j++)
            for (i = 0; i < dim[0]; i++, at++) {
                const double x = (double)i - 12.5, y = (double)j - 11, z = (double)k - 10;
                ((float *)fixed.data)[at] = (float)seen(x, y, z);
                ((float *)moving.data)[at] = (float)seen(x - 1, y, z);
                ((int16_t *)noise.data)[at] = (int16_t)(t_bits() % 4000);
                ((uint8_t *)label.data)[at] = (uint8_t)(x * x + y * y + z * z < 60);
            }
    o.coils = 4;
    CHECK_OK(mv_phantom_kspace(T, &spectrum, shape, &o));
}
static void inputs_free(void) {
    mv_volume_free(T, &fixed), mv_volume_free(T, &moving), mv_volume_free(T, &noise);
    mv_volume_free(T, &label), mv_volume_free(T, &spectrum);
}
static mv_status resampled(mv_volume *v) {
    const double spacing[3] = {0.7, 1.3, 0.9};
    mv_resample_opt o = {0};
    o.antialias = 1;
    return mv_resample_spacing(T, v, &noise, spacing, &o);
}
static mv_status turned(mv_volume *v) { return mv_reorient(T, v, &noise, "SPL", NULL); }
static mv_status smoothed(mv_volume *v) {
    const double sigma[3] = {1.5, 2, 1};
    return mv_gaussian(T, v, &fixed, sigma, NULL);
}
static mv_status normalised(mv_volume *v) { return mv_znorm(T, v, &noise, NULL); }
static mv_status distance(mv_volume *v) { return mv_distance(T, v, &label, NULL); }
static mv_status convolved(mv_volume *v) {
    mv_volume kernel;
    const size_t from[3] = {3, 4, 5}, size[3] = {9, 9, 9};
    mv_status st = mv_volume_view(T, &kernel, &moving, from, size);
    return st < 0 ? st : mv_convolve(T, v, &fixed, &kernel, NULL);
}
static mv_status transformed(mv_volume *v) { return mv_fft(T, v, &fixed, NULL); }
static mv_status mapped(mv_volume *v) { return mv_coil_walsh(T, v, &spectrum, NULL); }
static mv_status combined(mv_volume *v) { return mv_coil_rss(T, v, &spectrum, NULL); }
static mv_status affine(mv_volume *v) {
    const size_t dim[1] = {12};
    mv_status st = mv_volume_alloc(T, v, MEDVOL_F64, 1, dim);
    mv_register_affine_opt o = {0};
    o.control.iterations = 5;
    return st < 0 ? st : mv_register_affine(T, (double *)v->data, &fixed, &moving, &o);
}
static mv_status by_lncc(mv_volume *v) {
    mv_register_lncc_opt o = {0};
    o.control.iterations = 3;
    return mv_register_lncc(T, v, &fixed, &moving, &o);
}
static mv_status by_spline(mv_volume *v) {
    mv_register_bspline_opt o = {0};
    o.control.iterations = 3;
    return mv_register_bspline(T, v, &fixed, &moving, &o);
}
static mv_status by_demons(mv_volume *v) {
    mv_register_demons_opt o = {0};
    o.control.iterations = 3;
    return mv_register_demons(T, v, &fixed, &moving, &o);
}
static mv_status by_search(mv_volume *v) { return mv_register_search(T, v, &fixed, &moving, NULL); }
static mv_status by_flow(mv_volume *v) {
    mv_volume a, b;
    const size_t from[3] = {0, 0, 10}, size[3] = {26, 24, 1};
    mv_status st = mv_volume_view(T, &a, &fixed, from, size);
    if (st >= 0) st = mv_volume_view(T, &b, &moving, from, size);
    return st < 0 ? st : mv_flow(T, v, &a, &b, NULL);
}
static mv_status inverted(mv_volume *v) {
    mv_volume u = {0};
    mv_status st = by_demons(&u);
    if (st >= 0) st = mv_field_invert(T, v, &u, NULL);
    mv_volume_free(T, &u);
    return st;
}
static const struct {
    const char *name;
    mv_status (*run)(mv_volume *);
} calls[] = {{"resample", resampled}, {"reorient", turned}, {"gaussian", smoothed}, {"znorm", normalised},
    {"distance", distance}, {"convolve", convolved}, {"fft", transformed}, {"walsh", mapped},
    {"rss", combined}, {"affine", affine}, {"lncc", by_lncc}, {"bspline", by_spline},
    {"demons", by_demons}, {"search", by_search}, {"flow", by_flow}, {"invert", inverted}};
static void again(void) {
    size_t c;
    if (T_SMALL) return;
    inputs();
    for (c = 0; c < sizeof calls / sizeof *calls; c++) {
        mv_volume plain = {0}, v = {0};
        mv_workspace ws;
        size_t need, asked, bytes;
        int turn, good;
        CHECK_OK(calls[c].run(&plain));
        bytes = mv_volume_count(&plain) * mv_dtype_size(plain.dtype);
        CHECK_OK(mv_workspace_init(T, &ws, 0));
        CHECK_OK(calls[c].run(&v));
        good = memcmp(plain.data, v.data, bytes) == 0;
        mv_volume_free(T, &v);
        need = ws.need;
        CHECK_OK(mv_workspace_free(T, &ws));
        good &= need >= bytes;
        asked = t_allocations();
        CHECK_OK(mv_workspace_init(T, &ws, need));
        for (turn = 0; turn < 3; turn++) { /* the plans of the first stay */
            CHECK_OK(calls[c].run(&v));
            good &= v.dtype == plain.dtype && memcmp(plain.data, v.data, bytes) == 0;
            good &= (char *)v.data > (char *)ws.block && (char *)v.data < (char *)ws.block + ws.bytes;
            mv_volume_free(T, &v);
        }
        good &= t_allocations() == asked + 1 && ws.missed == 0 && ws.need == need;
        CHECK_OK(mv_workspace_free(T, &ws));
        if (!CHECK(good)) fprintf(stderr, "  %s\n", calls[c].name);
        mv_volume_free(T, &plain);
    }
    inputs_free();
}

/* ---- what outlives it, what is older, what fails ---- */
static void refused(void) {
    const size_t dim[3] = {20, 10, 5};
    mv_workspace ws, other = {0};
    mv_volume old = {0}, v = {0}, copy = {0};
    mv_ctx_desc before = T->desc;
    mv_ctx stranger = T_EMPTY;
    CHECK_STATUS(mv_workspace_init(NULL, &ws, 0), MEDVOL_E_NULL);
    CHECK_STATUS(mv_workspace_init(T, NULL, 0), MEDVOL_E_NULL);
    CHECK(strstr(mv_message(T), "ws") != NULL);
    CHECK_STATUS(mv_workspace_free(NULL, &other), MEDVOL_E_NULL);
    CHECK_STATUS(mv_workspace_free(T, NULL), MEDVOL_E_NULL);
    CHECK_OK(mv_workspace_free(T, &other));
    memset(&ws, 0x5a, sizeof ws);
    CHECK_STATUS(mv_workspace_init(T, &ws, SIZE_MAX - 1000), MEDVOL_E_NOMEM);
    CHECK_STATUS(mv_workspace_init(T, &ws, SIZE_MAX), MEDVOL_E_NOMEM);
    CHECK(memcmp(&before, &T->desc, sizeof before) == 0 && ws.bytes == (size_t)-1 / 255 * 0x5a);
    CHECK_OK(mv_volume_alloc(T, &old, MEDVOL_U8, 3, dim));
    CHECK_OK(mv_workspace_init(T, &ws, 3000));
    CHECK_STATUS(mv_workspace_init(T, &ws, 100), MEDVOL_E_BUSY);
    CHECK(ws.bytes == 3000);
    /* a volume of before goes where it came from */
    mv_volume_free(T, &old);
    CHECK(ws.held == 0);
    CHECK_OK(mv_volume_alloc(T, &v, MEDVOL_U8, 3, dim));
    CHECK_OK(mv_volume_alloc(T, &copy, MEDVOL_F64, 3, dim));
    CHECK(ws.missed == 1 && ws.held > 9000 && ws.need == ws.held);
    CHECK_STATUS(mv_workspace_free(T, &ws), MEDVOL_E_BUSY);
    CHECK(strstr(mv_message(T), "2 pieces") != NULL);
    CHECK_STATUS(mv_workspace_free(&stranger, &ws), MEDVOL_E_BUSY);
    /* one above the other, given back in turn */
    CHECK_OK(mv_workspace_init(T, &other, 2000));
    CHECK(ws.missed == 2);
    CHECK_STATUS(mv_workspace_free(T, &ws), MEDVOL_E_BUSY);
    CHECK(strstr(mv_message(T), "not the one") != NULL);
    CHECK_STATUS(mv_workspace_init(T, &ws, 100), MEDVOL_E_BUSY); /* it serves, if not on top */
    CHECK(ws.bytes == 3000 && T->desc.mem_user == &other);
    mv_volume_free(T, &copy);
    CHECK_OK(mv_workspace_free(T, &other));
    CHECK_STATUS(mv_workspace_free(T, &ws), MEDVOL_E_BUSY);
    CHECK(strstr(mv_message(T), "1 pieces") != NULL);
    /* memory that runs out beneath is told as ever; the block goes on */
    t_fail_alloc(1, 1);
    CHECK_STATUS(mv_volume_alloc(T, &copy, MEDVOL_F64, 3, dim), MEDVOL_E_NOMEM);
    mv_volume_free(T, &v);
    CHECK_OK(mv_volume_alloc(T, &v, MEDVOL_U8, 3, dim));
    t_fail_alloc(0, 0);
    CHECK(((char *)v.data - (char *)ws.block) > 0 && (char *)v.data - (char *)ws.block < 2000);
    CHECK(T->desc.mem_alloc(T->desc.mem_user, SIZE_MAX - 3) == NULL);
    CHECK(T->desc.mem_alloc(T->desc.mem_user, SIZE_MAX - 1500) == NULL);
    mv_volume_free(T, &v);
    CHECK(ws.held == 0);
    CHECK_OK(mv_workspace_free(T, &ws));
    CHECK(memcmp(&before, &T->desc, sizeof before) == 0);
}
const t_case tests_workspace[] = {{"pieces", pieces, T_ONCE}, {"again", again, 0},
    {"refused", refused, T_ONCE}, {0}};
