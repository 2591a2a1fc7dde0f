/* test_mrd.c - streams of raw MR data: every message and field at the offsets of the published layout, cut
   anywhere, with claims that no stream backs. The streams are put together here, byte by byte. */
#include "nifti.h"

static int message_has(const char *text) {
    int found = strstr(mv_message(T), text) != NULL;
    if (!found) fprintf(stderr, "  the message is \"%s\", not \"%s\"\n", mv_message(T), text);
    return found;
}
static void le(unsigned char *p, size_t n, uint64_t value) {
    size_t i;
    for (i = 0; i < n; i++) p[i] = (unsigned char)(value >> 8 * i);
}
static bytes add(bytes b, size_t n, uint64_t value) { /* a number of n bytes */
    unsigned char p[8];
    le(p, n, value);
    return bytes_join(b, p, n);
}
static bytes add_float(bytes b, float f) {
    unsigned char p[4];
    put(p, 'f', f, 0);
    return bytes_join(b, p, 4);
}
static bytes add_text(bytes b, int id, const char *text) {
    b = add(add(b, 2, (uint64_t)id), 4, strlen(text));
    return bytes_join(b, text, strlen(text));
}
/* Field k holds numbers made from k, so that none is another's. Offsets as in "Raw Acquisition Data". */
static bytes add_acquisition(bytes b, unsigned samples, unsigned channels, unsigned dims) {
    unsigned char h[340] = {0};
    unsigned k;
    le(h, 2, 1);
    le(h + 2, 8, 0x8000000000040001u);
    le(h + 10, 4, 0xfeed0001u), le(h + 14, 4, 77), le(h + 18, 4, 0x80000003u);
    for (k = 0; k < 3; k++) le(h + 22 + 4 * k, 4, 1000 + k);
    le(h + 34, 2, samples), le(h + 36, 2, 65535), le(h + 38, 2, channels);
    for (k = 0; k < 16; k++) le(h + 40 + 8 * k, 8, 0x0123456789abcd00u + k);
    le(h + 168, 2, 4), le(h + 170, 2, 5), le(h + 172, 2, 6), le(h + 174, 2, 7), le(h + 176, 2, dims);
    put(h + 178, 'f', 2.5, 0);
    for (k = 0; k < 15; k++) put(h + 182 + 4 * k, 'f', k - 7.25, 0); /* position to table position */
    for (k = 0; k < 17; k++) le(h + 242 + 2 * k, 2, 300 + k);
    for (k = 0; k < 8; k++) le(h + 276 + 4 * k, 4, (uint64_t)0 - 5 - k);
    for (k = 0; k < 8; k++) put(h + 308 + 4 * k, 'f', 0.125 * k, 0);
    b = bytes_join(add(b, 2, 1008), h, sizeof h);
    for (k = 0; k < samples * dims; k++) b = add_float(b, 100.5f - (float)k);
    for (k = 0; k < 2 * samples * channels; k++) b = add_float(b, (float)k * 0.75f - 3);
    return b;
}
static void check_acquisition(const mv_mrd_message *m, unsigned samples, unsigned channels, unsigned dims) {
    const mv_mrd_acquisition *a = &m->acquisition;
    const uint16_t *idx = &a->idx.kspace_encode_step_1;
    const float *places[5];
    unsigned k;
    places[0] = a->position, places[1] = a->read_dir, places[2] = a->phase_dir, places[3] = a->slice_dir;
    places[4] = a->patient_table_position;
    CHECK(m->id == MEDVOL_MRD_ACQUISITION && !m->text);
    CHECK(m->bytes == 342 + samples * (4 * dims + 8 * channels));
    CHECK(a->version == 1 && a->flags == 0x8000000000040001u && a->measurement_uid == 0xfeed0001u);
    CHECK(a->scan_counter == 77 && a->acquisition_time_stamp == 0x80000003u);
    for (k = 0; k < 3; k++) CHECK(a->physiology_time_stamp[k] == 1000 + k);
    CHECK(a->number_of_samples == samples && a->available_channels == 65535);
    CHECK(a->active_channels == channels && a->trajectory_dimensions == dims);
    for (k = 0; k < 16; k++) CHECK(a->channel_mask[k] == 0x0123456789abcd00u + k);
    CHECK(a->discard_pre == 4 && a->discard_post == 5 && a->center_sample == 6 && a->encoding_space_ref == 7);
    CHECK(a->sample_time_us == 2.5f);
    for (k = 0; k < 15; k++) CHECK(places[k / 3][k % 3] == (float)k - 7.25f);
    CHECK(idx[0] == 300 && a->idx.kspace_encode_step_2 == 301 && a->idx.average == 302);
    CHECK(a->idx.slice == 303);
    CHECK(a->idx.contrast == 304 && a->idx.phase == 305 && a->idx.repetition == 306 && a->idx.set == 307);
    CHECK(a->idx.segment == 308);
    for (k = 0; k < 8; k++) CHECK(a->idx.user[k] == 309 + k && a->user_int[k] == -5 - (int)k);
    for (k = 0; k < 8; k++) CHECK(a->user_float[k] == 0.125f * (float)k);
    CHECK(!m->trajectory == (samples * dims == 0) && !m->samples == (samples * channels == 0));
    for (k = 0; k < samples * dims; k++) CHECK(m->trajectory[k] == 100.5f - (float)k);
    for (k = 0; k < 2 * samples * channels; k++) CHECK(m->samples[k] == (float)k * 0.75f - 3);
}
static bytes image(unsigned type, uint64_t x, uint64_t attributes) { /* of x x 2 x 1 pixels, 3 channels */
    static const unsigned sizes[9] = {0, 2, 2, 4, 4, 4, 8, 8, 16};
    unsigned char h[198] = {0};
    bytes b = bytes_new(0);
    size_t n;
    memset(h + 22, 0xff, 12); /* field of view */
    le(h + 2, 2, type), le(h + 16, 2, x), le(h + 18, 2, 2), le(h + 20, 2, 1), le(h + 34, 2, 3);
    b = add(bytes_join(add(b, 2, 1022), h, sizeof h), 8, attributes);
    n = type < 9 && x < 100 && attributes < 100 ? (size_t)(attributes + x * 6 * sizes[type]) : 0;
    {
        bytes rest = bytes_new(n);
        memset(rest.p, 0xee, n);
        b = bytes_join(b, rest.p, n);
        free(rest.p);
    }
    return b;
}
static bytes join(bytes a, bytes b) { /* frees both */
    a = bytes_join(a, b.p, b.n);
    free(b.p);
    return a;
}
static bytes add_waveform(bytes b, unsigned samples, unsigned channels) { /* header aligned as C does */
    unsigned char h[40] = {0};
    unsigned k;
    le(h + 28, 2, samples), le(h + 30, 2, channels);
    b = bytes_join(add(b, 2, 1026), h, sizeof h);
    for (k = 0; k < samples * channels; k++) b = add(b, 4, 0xdeadbeefu);
    return b;
}
static const char xml[] = "<?xml version=\"1.0\"?>\n<ismrmrdHeader/>\n";
enum { MESSAGES = 13 };
static const int ids[MESSAGES] = {1, 2, 3, 1008, 1022, 1026, 5, 1008, 1022, 1008, 1026, 5, 4};
static bytes stream(size_t *ends) { /* ends[k]: where message k ends */
    bytes b = bytes_new(0);
    char name[1024] = "default.xml";
    size_t k = 0;
    name[1023] = 'x';
#define END ends[k++] = b.n
    b = bytes_join(add(b, 2, 1), name, sizeof name), END;
    b = add_text(b, 2, "config"), END;
    b = add_text(b, 3, xml), END;
    b = add_acquisition(b, 5, 3, 2), END;
    b = join(b, image(7, 4, 11)), END;
    b = add_waveform(b, 3, 2), END;
    b = add_text(b, 5, ""), END;
    b = add_acquisition(b, 9, 4, 0), END;
    b = join(b, image(1, 0, 0)), END;
    b = add_acquisition(b, 0, 3, 3), END;
    b = add_waveform(b, 0, 2), END;
    b = add_text(b, 5, "done"), END;
    b = add(b, 2, 4), END;
#undef END
    return b;
}
static void read_all(mv_mrd_stream *s, const size_t *ends) {
    mv_mrd_message m;
    size_t k;
    for (k = 0; k < MESSAGES; k++) {
        memset(&m, 0x55, sizeof m);
        if (!CHECK_OK(mv_mrd_next(T, s, &m)) || !CHECK(m.id == ids[k])) return;
        CHECK(m.offset == (k ? ends[k - 1] : 0) && m.offset + m.bytes == ends[k]);
        if (k == 0) CHECK(!strcmp(m.text, "default.xml") && m.text_bytes == 11);
        if (k == 1) CHECK(!strcmp(m.text, "config") && m.text_bytes == 6);
        if (k == 2) CHECK(!strcmp(m.text, xml) && m.text_bytes == sizeof xml - 1);
        if (k == 3) check_acquisition(&m, 5, 3, 2);
        if (k == 6) CHECK(m.text && !m.text[0] && m.text_bytes == 0);
        if (k == 7) check_acquisition(&m, 9, 4, 0);
        if (k == 9) check_acquisition(&m, 0, 3, 3);
        if (k == 11) CHECK(!strcmp(m.text, "done"));
    }
    for (k = 0; k < 2; k++) {
        CHECK_OK(mv_mrd_next(T, s, &m));
        CHECK(m.id == MEDVOL_MRD_END && m.offset == ends[MESSAGES - 1] && m.bytes == 0);
        CHECK(!m.text && !m.samples && !m.trajectory);
    }
}
static void test_messages(void) { /* from memory and from a file, plain and gzip */
    size_t ends[MESSAGES];
    bytes b = stream(ends);
    int form;
    const char *path = t_path("stream.mrd");
    for (form = 0; form < 4; form++) {
        bytes z = form ? gz(b.p, b.n, form - 1, 100) : copy(b);
        mv_mrd_stream *s = NULL;
        CHECK_OK(mv_mrd_open_mem(T, &s, z.p, z.n));
        if (s) read_all(s, ends);
        mv_mrd_close(T, s);
        file_put(path, z.p, z.n);
        CHECK_OK(mv_mrd_open(T, &s, path));
        if (s) read_all(s, ends);
        mv_mrd_close(T, s);
        free(z.p);
    }
    free(b.p);
    remove(path);
}
static void test_names(void) {
    mv_mrd_stream *s = (mv_mrd_stream *)&s;
    mv_mrd_message m = {0};
    CHECK_STATUS(mv_mrd_open(T, &s, t_path("none.mrd")), MEDVOL_E_NOTFOUND);
    CHECK(!s && message_has("none.mrd: opening"));
    CHECK_STATUS(mv_mrd_open(T, NULL, "x"), MEDVOL_E_NULL);
    CHECK_STATUS(mv_mrd_open(T, &s, NULL), MEDVOL_E_NULL);
    CHECK_STATUS(mv_mrd_open_mem(T, NULL, "x", 1), MEDVOL_E_NULL);
    CHECK_STATUS(mv_mrd_open_mem(T, &s, NULL, 1), MEDVOL_E_NULL);
    CHECK_STATUS(mv_mrd_next(T, NULL, &m), MEDVOL_E_NULL);
    CHECK_OK(mv_mrd_open_mem(T, &s, "", 0)); /* an empty stream ends at once */
    CHECK_STATUS(mv_mrd_next(T, s, NULL), MEDVOL_E_NULL);
    m.id = 3;
    CHECK_OK(mv_mrd_next(T, s, &m));
    CHECK(m.id == MEDVOL_MRD_END);
    mv_mrd_close(T, s);
    mv_mrd_close(T, NULL);
}
static void test_every_length(void) { /* whole messages; then the end between two, an error within one */
    size_t ends[MESSAGES], n, k;
    bytes b = stream(ends);
    int zipped;
    for (zipped = 0; zipped < 2; zipped++) {
        bytes z = zipped ? gz(b.p, b.n, 0, 0) : copy(b);
        for (n = 0; n < z.n; n += zipped ? 7 : 1) {
            unsigned char *p = (unsigned char *)t_guard(n);
            mv_mrd_stream *s;
            mv_mrd_message m, was;
            mv_status st = MEDVOL_OK;
            if (n) memcpy(p, z.p, n);
            CHECK_OK(mv_mrd_open_mem(T, &s, p, n));
            memset(&m, 0, sizeof m);
            for (k = 0; st == MEDVOL_OK && k <= MESSAGES; k++) {
                was = m;
                st = mv_mrd_next(T, s, &m);
                if (st == MEDVOL_OK && m.id == MEDVOL_MRD_END) break;
                if (st == MEDVOL_OK) CHECK(m.id == ids[k] && m.offset + m.bytes == ends[k]);
                else CHECK(!memcmp(&m, &was, sizeof m));
            }
            if (!zipped) {
                CHECK((st == MEDVOL_OK) == (n == 0 || (k > 0 && ends[k - 1] == n)));
                CHECK(st == MEDVOL_OK || st == MEDVOL_E_TRUNCATED);
            } else CHECK(st == MEDVOL_E_TRUNCATED || n < 3);
            if (st < 0) {
                CHECK(!zipped ? message_has("memory: message ") : mv_message(T)[0] != 0);
                CHECK_STATUS(mv_mrd_next(T, s, &m), st); /* once more */
                CHECK(!zipped ? message_has("memory: message ") : mv_message(T)[0] != 0);
            }
            mv_mrd_close(T, s);
            t_guard_free(p, n);
        }
        free(z.p);
    }
    free(b.p);
}
static void expect(const char *name, bytes b, mv_status want, const char *says, size_t most) {
    mv_mrd_stream *s;
    mv_mrd_message m = {0};
    size_t asked;
    CHECK_OK(mv_mrd_open_mem(T, &s, b.p, b.n));
    asked = t_allocations();
    if (!CHECK_STATUS(mv_mrd_next(T, s, &m), want)) fprintf(stderr, "  %s: %s\n", name, mv_message(T));
    CHECK(t_allocations() - asked <= most);
    if (says) CHECK(message_has(says) && m.id == 0);
    mv_mrd_close(T, s);
    free(b.p);
}
static bytes claim(unsigned samples, unsigned channels, unsigned dims) { /* and 100 bytes of it */
    bytes b = add_acquisition(bytes_new(0), 0, 0, 0);
    le(b.p + 2 + 34, 2, samples), le(b.p + 2 + 38, 2, channels), le(b.p + 2 + 176, 2, dims);
    b.p = (unsigned char *)realloc(b.p, b.n + 100);
    if (!b.p) abort();
    memset(b.p + b.n, 0, 100);
    b.n += 100;
    return b;
}
static void test_claims(void) { /* nothing is believed that the stream does not hold, nor allocated for it */
    bytes b;
    expect("samples", claim(65535, 65535, 65535), MEDVOL_E_TRUNCATED, "trajectory and samples", 0);
    expect("channels", claim(1, 13, 0), MEDVOL_E_TRUNCATED, "104 bytes of its", 0);
    expect("enough", claim(1, 12, 1), MEDVOL_OK, NULL, 1);
    b = add(add(bytes_new(0), 2, 3), 4, 0xffffffffu);
    expect("text", b, MEDVOL_E_TRUNCATED, "4294967295 bytes of its text", 0);
    b = image(8, 65535, 0);
    le(b.p + 2 + 18, 4, 0xffffffffu), le(b.p + 2 + 34, 2, 65535);
    expect("image", b, MEDVOL_E_TRUNCATED, "18446744073709551615 bytes of its image", 0);
    expect("image, countable", image(5, 65535, 0), MEDVOL_E_TRUNCATED, "1572840 bytes of its", 0);
    expect("attributes", image(5, 0, 0xffffffffffffffffu), MEDVOL_E_TRUNCATED, "attributes", 0);
    expect("attributes, countable", image(5, 0, 1000000), MEDVOL_E_TRUNCATED, "attributes", 0);
    expect("waveform", (b = add_waveform(bytes_new(0), 0, 0), le(b.p + 30, 4, 0xffffffffu), b),
        MEDVOL_E_TRUNCATED, "waveform", 0);
    expect("type 0", image(0, 1, 0), MEDVOL_E_FORMAT, "data_type 0", 0);
    expect("type 9", image(9, 1, 0), MEDVOL_E_FORMAT, "data_type 9", 0);
    expect("id", add(bytes_new(0), 2, 0), MEDVOL_E_UNSUPPORTED, "is this a stream?", 0);
    expect("array", add(add(bytes_new(0), 2, 1030), 8, 0), MEDVOL_E_UNSUPPORTED, "id 1030", 0);
    expect("a NIfTI file", make_file((spec){0}), MEDVOL_E_UNSUPPORTED, "id 348", 0);
}
static void test_limits(void) {
    bytes b = add_text(bytes_new(0), 3, xml), z;
    mv_mrd_stream *s;
    mv_mrd_message m;
    T->desc.limits.max_bytes = sizeof xml - 2;
    expect("text over the limit", copy(b), MEDVOL_E_LIMIT, "more than max_bytes", 0);
    T->desc.limits.max_bytes = sizeof xml - 1;
    expect("text within", copy(b), MEDVOL_OK, NULL, 1);
    T->desc.limits.max_bytes = 0;
    /* the buffer grows and is used again */
    b = add_text(b, 5, "short");
    b = add_text(b, 5, "and one that is a good deal longer than all the texts that came before it here");
    CHECK_OK(mv_mrd_open_mem(T, &s, b.p, b.n));
    {
        size_t asked = t_allocations();
        CHECK_OK(mv_mrd_next(T, s, &m));
        CHECK_OK(mv_mrd_next(T, s, &m));
        CHECK(t_allocations() == asked + 1 && !strcmp(m.text, "short"));
        CHECK_OK(mv_mrd_next(T, s, &m));
        CHECK(t_allocations() == asked + 2 && strlen(m.text) == m.text_bytes);
    }
    mv_mrd_close(T, s);
    /* gzip: a wrong checksum is told, at the latest where the data end */
    z = gz(b.p, b.n, 0, 0);
    z.p[z.n - 8] ^= 1;
    CHECK_OK(mv_mrd_open_mem(T, &s, z.p, z.n));
    while (mv_mrd_next(T, s, &m) == MEDVOL_OK && m.id) {}
    CHECK_STATUS(mv_mrd_next(T, s, &m), MEDVOL_E_CORRUPT);
    mv_mrd_close(T, s);
    free(z.p), free(b.p);
}
static void test_long(void) { /* readouts longer than what is read ahead; cut within one of them */
    bytes b = add_acquisition(bytes_new(0), 900, 2, 1);
    int form, k;
    b = add_text(b, 5, "between");
    b = add_acquisition(b, 3000, 1, 3);
    for (form = 0; form < 4; form++) {
        bytes z = form ? gz(b.p, b.n, form - 1, 5000) : copy(b);
        size_t cut;
        for (cut = 0; cut < 3; cut++) { /* none, in the last readout, in the first */
            mv_mrd_stream *s;
            mv_mrd_message m;
            mv_status st = MEDVOL_OK;
            CHECK_OK(mv_mrd_open_mem(T, &s, z.p, cut == 2 ? 12000 : z.n - cut * 1000));
            memset(&T->error, 0, sizeof T->error);
            for (k = 0; k < 3 && (st = mv_mrd_next(T, s, &m)) == MEDVOL_OK; k++) {
                if (k == 0) check_acquisition(&m, 900, 2, 1);
                if (k == 1) CHECK(!strcmp(m.text, "between") && !mv_message(T)[0]);
                if (k == 2) check_acquisition(&m, 3000, 1, 3);
            }
            CHECK(k == (cut == 2 ? 0 : cut ? 2 : 3) && st == (cut ? MEDVOL_E_TRUNCATED : MEDVOL_OK));
            mv_mrd_close(T, s);
        }
        free(z.p);
    }
    free(b.p);
}
/* ---- failing files ---- */
static int calls, fail_at;
static int64_t failing_read(void *user, void *file, uint64_t at, void *dst, size_t n) {
    (void)user;
    if (++calls == fail_at) return MEDVOL_E_ACCESS;
    return T_FILES->read(T_FILES->user, file, at, dst, n > 3 ? n / 2 : n); /* little at a time */
}
static int handles;
static int counting_open(void *user, const char *path, int mode, void **file) {
    int st = T_FILES->open(user, path, mode, file);
    handles += st >= 0;
    return st;
}
static int counting_close(void *user, void *file) {
    handles--;
    return T_FILES->close(user, file);
}
static void test_faults(void) { /* each read fails once: told, told again, and nothing stays open */
    size_t ends[MESSAGES];
    bytes b = stream(ends), z = gz(b.p, b.n, 0, 0);
    mv_io io = *T_FILES;
    const char *path = t_path("fault.mrd");
    int zipped, most;
    io.read = failing_read, io.open = counting_open, io.close = counting_close;
    for (zipped = 0; zipped < 2; zipped++) {
        file_put(path, zipped ? z.p : b.p, zipped ? z.n : b.n);
        for (fail_at = 0, most = 1; fail_at <= most; fail_at++) {
            mv_mrd_stream *s = NULL;
            mv_mrd_message m;
            mv_status st;
            T->desc.io = &io;
            calls = 0;
            CHECK_OK(mv_mrd_open(T, &s, path));
            do st = mv_mrd_next(T, s, &m); while (st == MEDVOL_OK && m.id);
            if (!fail_at) most = calls;
            CHECK(st == (fail_at ? MEDVOL_E_ACCESS : MEDVOL_OK));
            if (fail_at) CHECK(message_has("fault.mrd: ") && message_has("permission denied"));
            if (fail_at) CHECK_STATUS(mv_mrd_next(T, s, &m), MEDVOL_E_ACCESS);
            mv_mrd_close(T, s);
            CHECK(handles == 0);
            T->desc.io = T_IO;
        }
        CHECK(most > 3);
    }
    free(b.p), free(z.p);
    remove(path);
}

const t_case tests_mrd[] = {
    {"messages", test_messages, 0},
    {"names", test_names, T_ONCE},
    {"every_length", test_every_length, T_ONCE},
    {"claims", test_claims, T_ONCE},
    {"limits", test_limits, T_ONCE},
    {"long", test_long, T_ONCE},
    {"faults", test_faults, T_ONCE},
    {NULL, NULL, 0},
};
