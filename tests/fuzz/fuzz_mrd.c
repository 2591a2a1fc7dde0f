/* fuzz_mrd.c - streams of raw MR data in memory: messages follow each other without a gap, what a pointer
   leads to lies within the message's bytes, and an error is told again. p[1]: options. */
#include "fuzz.h"

static uint64_t sum; /* so that every byte is read */
static void look(const mv_mrd_message *m, size_t n) {
    const mv_mrd_acquisition *a = &m->acquisition;
    size_t trajectory = (size_t)a->number_of_samples * a->trajectory_dimensions * 4;
    size_t samples = (size_t)a->number_of_samples * a->active_channels * 8;
    if (m->text) {
        MUST(m->text[m->text_bytes] == 0 && m->text_bytes <= m->bytes && m->bytes <= n);
        sum = fz_hash(sum, m->text, m->text_bytes);
    }
    MUST(!m->text == !(m->id == 1 || m->id == 2 || m->id == 3 || m->id == 5));
    if (m->id != MEDVOL_MRD_ACQUISITION) {
        MUST(!m->trajectory && !m->samples);
        return;
    }
    MUST(m->bytes == 342 + trajectory + samples && m->bytes <= n);
    MUST(!m->trajectory == !trajectory && !m->samples == !samples);
    sum = fz_hash(sum, m->trajectory, trajectory);
    sum = fz_hash(sum, m->samples, samples);
}
FUZZ(mrd) {
    mv_ctx *c;
    mv_mrd_stream *s = NULL;
    mv_mrd_message m;
    uint64_t at = 0;
    mv_status st;
    size_t all;
    if (n < 2) return 0;
    c = p[1] & 4 ? fz_begin_pool(p[0], 1 << 20) : fz_begin(p[0], 1 << 20);
    c->desc.limits.max_bytes = p[1] & 8 ? 64 : 0;
    fz_level(p[1]);
    p += 2, n -= 2;
    all = mv_gzip_is(p, n) ? 1032 * n : n;
    st = mv_mrd_open_mem(c, &s, p, n);
    MUST(!s == (st < 0));
    while (st == MEDVOL_OK) {
        memset(&m, 0xff, sizeof m);
        st = mv_mrd_next(c, s, &m);
        if (st < 0) {
            fz_failed(c, st);
            MUST(m.id == -1);
            MUST(mv_mrd_next(c, s, &m) == st && c->error.code == st && mv_message(c)[0]);
            break;
        }
        MUST(m.offset == at && (m.bytes >= 2) == (m.id != MEDVOL_MRD_END));
        at += m.bytes;
        MUST(at <= all);
        if (m.id == MEDVOL_MRD_END) break;
        look(&m, all);
    }
    mv_mrd_close(c, s);
    fz_end();
    return 0;
}
