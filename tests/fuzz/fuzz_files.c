/* fuzz_files.c - loads and saves by name through hooks that fail, give little and lie now and then, over a
   file system of eight files in memory. Nothing leaks, no handle stays open, and a save that fails leaves the
   file that was there. The tape: options and operations first, the rest is the file "a.nii". */
#include "fuzz.h"

enum { FILES = 8, HANDLES = 4, ROOM = 1 << 17 };
typedef struct {
    char name[80];
    uint8_t *p;
    size_t n;
    int there;
} entry;
static entry file[FILES];
static int open_now, faults, calls, fault_at, fault_kind;
static int fault(void) { return ++calls == fault_at ? (faults++, 1) : 0; }
static entry *find(const char *path, int make) {
    int i;
    for (i = 0; i < FILES; i++)
        if (file[i].there && !strcmp(file[i].name, path)) return &file[i];
    for (i = 0; i < FILES && make; i++)
        if (!file[i].there && strlen(path) < sizeof file[i].name) {
            strcpy(file[i].name, path);
            file[i].there = 1;
            file[i].n = 0;
            if (!file[i].p) file[i].p = (uint8_t *)malloc(ROOM);
            MUST(file[i].p);
            return &file[i];
        }
    return NULL;
}
static int do_open(void *user, const char *path, int mode, void **handle) {
    entry *e = find(path, 0);
    (void)user;
    if (fault()) return MEDVOL_E_ACCESS;
    if (mode == MEDVOL_IO_CREATE && e) return MEDVOL_E_EXISTS;
    if (!e && mode != MEDVOL_IO_CREATE) return MEDVOL_E_NOTFOUND;
    if (!e && !(e = find(path, 1))) return MEDVOL_E_FULL;
    open_now++;
    *handle = e;
    return 0;
}
static int do_size(void *user, void *handle, uint64_t *bytes) {
    (void)user;
    *bytes = ((entry *)handle)->n;
    if (!fault()) return 0;
    if (fault_kind & 1) return MEDVOL_E_IO;
    *bytes = fault_kind & 2 ? (uint64_t)1 << 60 : *bytes / 2; /* a lie */
    return 0;
}
static int64_t do_read(void *user, void *handle, uint64_t offset, void *dst, size_t n) {
    const entry *e = (const entry *)handle;
    (void)user;
    if (fault() && fault_kind & 1) return MEDVOL_E_IO;
    if (offset >= e->n) return 0;
    if (n > e->n - offset) n = (size_t)(e->n - offset);
    if (fault_kind & 4 && n > 1) n = 1 + n / 3; /* little at a time */
    memcpy(dst, e->p + offset, n);
    return (int64_t)n;
}
static int64_t do_write(void *user, void *handle, const void *src, size_t n) {
    entry *e = (entry *)handle;
    (void)user;
    if (fault()) return fault_kind & 1 ? MEDVOL_E_FULL : 0;
    if (fault_kind & 4 && n > 1) n = 1 + n / 3;
    if (n > ROOM - e->n) return MEDVOL_E_FULL;
    memcpy(e->p + e->n, src, n);
    e->n += n;
    return (int64_t)n;
}
static int do_sync(void *user, void *handle) {
    (void)user;
    (void)handle;
    return fault() ? MEDVOL_E_IO : 0;
}
static int do_close(void *user, void *handle) {
    (void)user;
    (void)handle;
    open_now--;
    return fault() ? MEDVOL_E_IO : 0;
}
static int do_rename(void *user, const char *from, const char *to) {
    entry *e = find(from, 0), *old = find(to, 0);
    (void)user;
    if (fault()) return MEDVOL_E_ACCESS;
    if (!e || strlen(to) >= sizeof e->name) return MEDVOL_E_NOTFOUND;
    if (old) old->there = 0;
    strcpy(e->name, to);
    return 0;
}
static int do_remove(void *user, const char *path) {
    entry *e = find(path, 0);
    (void)user;
    if (!e) return MEDVOL_E_NOTFOUND;
    e->there = 0;
    return 0;
}
static int do_map(void *user, void *handle, uint64_t bytes, void **address) {
    const entry *e = (const entry *)handle;
    (void)user;
    if (fault() || bytes > e->n) return MEDVOL_E_IO;
    *address = malloc((size_t)bytes + 1);
    MUST(*address);
    memcpy(*address, e->p, (size_t)bytes);
    open_now++;
    return 0;
}
static void do_unmap(void *user, void *address, uint64_t bytes) {
    (void)user;
    (void)bytes;
    open_now--;
    free(address);
}
static const char *name(void) {
    static const char *const names[] = {"a.nii", "b.nii.gz", "c.hdr", "c.img", "d/e.nii", "c.hdr.gz", "",
        "p.png", "c.cfl", "c", "e.npy", "a"};
    return names[fz_byte() % 12];
}
static void save(mv_ctx *c, const mv_volume *v) {
    static uint8_t before[ROOM];
    const char *path = name();
    entry *e = find(path, 0);
    size_t n = e ? e->n : 0;
    mv_save_opt o;
    mv_png_opt po;
    mv_status st;
    memset(&o, 0, sizeof o);
    memset(&po, 0, sizeof po);
    o.pair = (int)(fz_byte() & 1);
    o.no_sync = (int)(fz_byte() & 1);
    o.form = (int)(fz_byte() % 8);
    if (o.form > MEDVOL_FORM_NPY + 1) o.form = 0;
    if (e) memcpy(before, e->p, n);
    if (fz_byte() & 1) st = mv_save_png(c, v, path, &po);
    else st = mv_save(c, v, path, &o);
    if (st == MEDVOL_OK) {
        MUST(find(path, 0) || o.pair || o.form == MEDVOL_FORM_CFL);
        return;
    }
    fz_failed(c, st);
    /* the old file, unless it was the first of a pair and its partner failed, or there is no rename */
    if (e && !o.pair && c->desc.io->rename && !strstr(path, "c."))
        MUST((e = find(path, 0)) != NULL && e->n == n && !memcmp(e->p, before, n));
}
static void messages(mv_ctx *c) { /* as raw MR data */
    mv_mrd_stream *s;
    mv_mrd_message m;
    mv_status st = mv_mrd_open(c, &s, name());
    if (st == MEDVOL_OK)
        do st = mv_mrd_next(c, s, &m); while (st == MEDVOL_OK && m.id);
    if (st < 0) fz_failed(c, st);
    mv_mrd_close(c, s);
}
static void maps(mv_ctx *c) { /* affine maps, displacement fields: what was read can be written and read */
    double a[12], b[12], centre[3];
    mv_volume f;
    mv_status st = mv_affine_load(c, a, name(), centre);
    if (st == MEDVOL_OK) st = mv_affine_save(c, a, name(), fz_byte() & 1 ? centre : NULL);
    if (st < 0) fz_failed(c, st);
    for (st = MEDVOL_OK; st == MEDVOL_OK && fz_byte() & 1;) {
        int k;
        for (k = 0; k < 12; k++) a[k] = fz_number();
        st = mv_affine_save(c, a, "m.txt", NULL);
        if (st == MEDVOL_OK) st = mv_affine_load(c, b, "m.txt", NULL);
        MUST(st < 0 || !memcmp(a, b, sizeof a));
    }
    if (st < 0) fz_failed(c, st);
    memset(&f, 0, sizeof f);
    {
        static float u[24] = {1, 2, 3};
        static const size_t dim[5] = {2, 2, 2, 1, 3};
        st = mv_volume_wrap(c, &f, u, MEDVOL_F32, 5, dim, NULL);
        if (st == MEDVOL_OK) st = mv_field_save(c, &f, "f.nii", NULL);
        MUST(st < 0 || find("f.nii", 0) != NULL);
        memset(&f, 0, sizeof f);
    }
    st = mv_field_load(c, &f, fz_byte() & 1 ? "f.nii" : name(), NULL);
    if (st == MEDVOL_OK) st = mv_field_save(c, &f, name(), NULL);
    if (st < 0) fz_failed(c, st);
    mv_volume_free(c, &f);
}
static void step(mv_ctx *c, mv_volume *v) {
    mv_load_opt o;
    mv_status st;
    unsigned what = fz_byte() % 8;
    memset(&o, 0, sizeof o);
    o.analyze = (int)(fz_byte() & 1);
    if (what < 2) {
        if (v->data) save(c, v);
        return;
    }
    if (what > 5) {
        if (what == 6) messages(c);
        else maps(c);
        return;
    }
    if (fz_byte() & 1) o.crop = 1, o.size[0] = 1;
    if (what == 2) st = mv_load_header(c, v, name(), &o);
    else if (what == 3) st = mv_map(c, v, name(), &o);
    else {
        if (what == 5) mv_volume_free(c, v);
        st = mv_load(c, v, name(), &o);
    }
    if (st < 0) fz_failed(c, st);
    else MUST(v->ndim >= 1);
}
FUZZ(files) {
    mv_io io;
    mv_ctx *c;
    mv_volume v, base;
    entry *a;
    int i;
    if (n < 40) return 0;
    memset(&io, 0, sizeof io);
    memset(&v, 0, sizeof v);
    memset(&base, 0, sizeof base);
    for (i = 0; i < FILES; i++) file[i].there = 0;
    io.open = do_open, io.size = do_size, io.read = do_read, io.write = do_write, io.close = do_close;
    io.remove = do_remove;
    if (p[2] & 1) io.rename = do_rename;
    if (p[2] & 2) io.sync = do_sync;
    if (p[2] & 4) io.map = do_map, io.unmap = do_unmap;
    open_now = faults = calls = 0;
    fault_kind = p[2] >> 3;
    fault_at = p[3];
    a = find("a.nii", 1);
    a->n = n - 40 < ROOM ? n - 40 : ROOM;
    memcpy(a->p, p + 40, a->n);
    c = p[1] & 4 ? fz_begin_pool(p[0], 8 << 20) : fz_begin(p[0], 8 << 20);
    fz_level(p[1]);
    c->desc.io = &io;
    c->desc.limits.max_bytes = 1 << 20;
    MUST(mv_io_default() != &io);
    fz_tape(p + 4, 36);
    if (fz_byte() & 1 && fz_volume(c, &base, &v) < 0) memset(&v, 0, sizeof v);
    for (i = 0; i < 5 && !fz_ended(); i++) step(c, &v);
    mv_volume_free(c, &v);
    mv_volume_free(c, &base);
    MUST(open_now == 0);
    if (!faults && io.rename)
        for (i = 0; i < FILES; i++) MUST(!file[i].there || !strstr(file[i].name, ".mvtmp."));
    fz_end();
    return 0;
}
