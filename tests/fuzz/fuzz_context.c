/* fuzz_context.c - contexts made of any numbers, jobs, progress and cancelling, checksums in pieces, and the
   words for statuses, types and levels. */
#include "fuzz.h"

static unsigned char ran[300];
static int told, stop_at;
static void job(void *arg, size_t i) { ((unsigned char *)arg)[i]++; }
static int progress(void *user, double done, double total, const char *label) {
    (void)user;
    MUST(done >= 0 && done <= total && label);
    return ++told == stop_at;
}
static void *get(void *user, size_t n) {
    (void)user;
    return malloc(n);
}
static void put(void *user, void *p) {
    (void)user;
    free(p);
}
static void contexts(void) {
    mv_ctx ctx;
    mv_ctx_desc d;
    mv_status st;
    size_t i, njobs = fz_byte();
    memset(&d, 0, sizeof d);
    d.threads = (int)fz_byte() % 4 + (fz_byte() > 250 ? -2 : fz_byte() > 250 ? 1024 : 0);
    d.mem_alloc = get, d.mem_free = put;
    d.progress = progress;
    told = 0;
    stop_at = (int)fz_byte();
    st = mv_ctx_init(&ctx, &d);
    if (st == MEDVOL_OK) {
        MUST(mv_threads(&ctx) >= 1);
        memset(ran, 0, sizeof ran);
        st = mv_parallel_for(&ctx, njobs, job, ran, fz_byte() & 1 ? "jobs" : NULL);
        for (i = 0; i < sizeof ran; i++)
            MUST(ran[i] == (i < njobs) || (st == MEDVOL_E_CANCELLED && ran[i] <= 1));
        MUST(st == MEDVOL_OK || st == MEDVOL_E_CANCELLED);
    } else MUST(st == MEDVOL_E_RANGE);
    MUST(mv_warnings(&ctx) == 0);
    mv_ctx_free(&ctx);
}
static void checksums(const uint8_t *p, size_t n) {
    size_t cut = n ? fz_byte() * n / 256 : 0, i;
    uint32_t all, first, second, crc = 0xffffffffu, a = 1, b = 0;
    int k;
    for (i = 0; i < n; i++) { /* bit by bit, as RFC 1952 and RFC 1950 word them */
        for (crc ^= p[i], k = 0; k < 8; k++) crc = crc & 1 ? crc >> 1 ^ 0xedb88320u : crc >> 1;
        a = (a + p[i]) % 65521u, b = (b + a) % 65521u;
    }
    all = mv_crc32(0, p, n);
    MUST(all == ~crc);
    first = mv_crc32(0, p, cut), second = mv_crc32(0, p + cut, n - cut);
    MUST(mv_crc32(first, p + cut, n - cut) == all && mv_crc32_combine(first, second, n - cut) == all);
    MUST(mv_adler32(1, p, n) == (b << 16 | a));
    first = mv_adler32(1, p, cut);
    MUST(mv_adler32(first, p + cut, n - cut) == (b << 16 | a));
}
/* any requests and releases: what is in use never overlaps, and all of it comes back */
static void workspaces(void) {
    struct { unsigned char *p; size_t n; unsigned char mark; } piece[16] = {{0}};
    const size_t bytes = fz_byte() << fz_byte() % 8;
    mv_ctx ctx;
    mv_ctx_desc d;
    mv_workspace ws;
    size_t k, i, held = 0, turns = 4 + fz_byte() / 2;
    memset(&d, 0, sizeof d);
    d.threads = 1, d.mem_alloc = get, d.mem_free = put;
    MUST(mv_ctx_init(&ctx, &d) == MEDVOL_OK);
    MUST(mv_workspace_init(&ctx, &ws, bytes) == MEDVOL_OK);
    for (; turns; turns--) {
        k = fz_byte() % 16;
        if (piece[k].p) {
            for (i = 0; i < piece[k].n; i++) MUST(piece[k].p[i] == piece[k].mark);
            ctx.desc.mem_free(ctx.desc.mem_user, piece[k].p);
            piece[k].p = NULL;
            held--;
        } else {
            piece[k].n = fz_byte() << fz_byte() % 5;
            piece[k].mark = (unsigned char)turns;
            piece[k].p = (unsigned char *)ctx.desc.mem_alloc(ctx.desc.mem_user, piece[k].n);
            MUST(piece[k].p && ((piece[k].p - (unsigned char *)ws.block) % 64 == 0 || ws.missed));
            memset(piece[k].p, piece[k].mark, piece[k].n);
            held++;
        }
        MUST(ws.held >= 64 * held && ws.held <= ws.need && (held == 0) == (ws.held == 0));
        MUST(ws.missed > 0 || ws.need <= bytes);
    }
    MUST(mv_workspace_free(&ctx, &ws) == (held ? MEDVOL_E_BUSY : MEDVOL_OK));
    for (k = 0; k < 16; k++)
        if (piece[k].p) ctx.desc.mem_free(ctx.desc.mem_user, piece[k].p);
    MUST(mv_workspace_free(&ctx, &ws) == MEDVOL_OK && ctx.desc.mem_alloc == get);
    mv_ctx_free(&ctx);
}
FUZZ(context) {
    int code;
    if (n < 2) return 0;
    fz_level(p[1]);
    fz_tape(p + 2, n - 2);
    code = (int)fz_byte() - 128;
    MUST(mv_status_str((mv_status)code)[0] && mv_dtype_name((mv_dtype)(code * 9))[0] &&
        mv_level_name(code)[0]);
    MUST(mv_level() >= 1 && mv_level() <= 4 && mv_version()[0] && mv_message(NULL));
    checksums(p + 2, n - 2);
    workspaces();
    if (p[1] >= 0xf8) contexts(); /* threads take their time */
    return 0;
}
