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
    if (p[1] >= 0xf8) contexts(); /* threads take their time */
    return 0;
}
