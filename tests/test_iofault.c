/* test_iofault.c - every load and save with its first, second, ... step of file access failing, once and from
   then on, in every way a step can fail: the right status, a message that names the file, files that are bit
   for bit the old or the new ones, nothing left behind, a context that goes on working; and the program
   killed within each step of a save. Steps are calls of mv_io; built with IOFAULT_CALLS and linked by --wrap
   (`make iofault`) also the system calls beneath. To add an operation: a row of scenes[]. */
#if defined(__unix__) || defined(__APPLE__)
#  define _DEFAULT_SOURCE 1
#  define _FILE_OFFSET_BITS 64
#  include <dirent.h>
#  include <fcntl.h>
#  include <pthread.h>
#  include <stdarg.h>
#  include <sys/mman.h>
#  include <sys/stat.h>
#  include <sys/wait.h>
#  include <unistd.h>
#  define POSIX 1
#elif defined(_WIN32)
#  include <direct.h>
#endif
#include "test.h"
#include <errno.h>

#define FOLDER "build/tmp/iofault/"

/* ---- the steps and how they fail ---- */
enum {
    K_OPEN, K_CREATE, K_SIZE, K_READ, K_WRITE, K_SYNC, K_CLOSE, K_RENAME, K_REMOVE, K_RESOLVE, K_MAP,
    K_PROTECT, K_LINK, K_HOOKS,
    K_STAT = K_HOOKS, K_LSTAT, K_READLINK, K_FCHMOD, K_FCHOWN, K_FOLDER, KINDS /* beneath the hooks */
};
#define BIT(kind) (1u << (kind))
#define ANY (BIT(KINDS) - 1)
#define HOOKS (BIT(K_HOOKS) - 1)
#define CALLS (ANY & ~BIT(K_SIZE) & ~BIT(K_PROTECT) & ~BIT(K_RESOLVE))
/* how: a status (or errno) that the step returns; ZERO: it moves no byte; TORN: half of them, the next step
   fails; WILD: an impossible answer; AFTER: it does its work and reports failure; GROWN, SHRUNK: a wrong
   size; CUT: the file is shortened on the disk as soon as its size is known; KILL: the program ends there */
enum { ZERO = 1000, TORN, WILD, AFTER, GROWN, SHRUNK, CUT, KILL };
typedef struct way {
    int how;
    unsigned kinds; /* that can fail so */
    mv_status want; /* then */
} way;
static const way hook_ways[] = {
    {MEDVOL_E_IO, ANY, MEDVOL_E_IO},
    {MEDVOL_E_ACCESS, ANY, MEDVOL_E_ACCESS},
    {MEDVOL_E_NOMEM, BIT(K_OPEN) | BIT(K_READ) | BIT(K_WRITE) | BIT(K_MAP), MEDVOL_E_NOMEM},
    {MEDVOL_E_FULL, BIT(K_CREATE) | BIT(K_WRITE) | BIT(K_SYNC) | BIT(K_CLOSE) | BIT(K_RENAME) | BIT(K_LINK),
        MEDVOL_E_FULL},
    {MEDVOL_E_NOTFOUND, BIT(K_OPEN) | BIT(K_CREATE) | BIT(K_RENAME), MEDVOL_E_NOTFOUND},
    {MEDVOL_E_EXISTS, BIT(K_CREATE) | BIT(K_LINK), MEDVOL_E_EXISTS},
    {MEDVOL_E_UNSUPPORTED, BIT(K_OPEN) | BIT(K_RESOLVE) | BIT(K_LINK) | BIT(K_MAP), MEDVOL_E_UNSUPPORTED},
    {ZERO, BIT(K_READ) | BIT(K_WRITE), MEDVOL_E_IO},
    {TORN, BIT(K_READ) | BIT(K_WRITE), MEDVOL_E_IO},
    {WILD, ANY, MEDVOL_E_IO},
    {AFTER, BIT(K_SYNC) | BIT(K_CLOSE) | BIT(K_RENAME) | BIT(K_PROTECT), MEDVOL_E_IO},
    {GROWN, BIT(K_SIZE), MEDVOL_E_TRUNCATED},
    {SHRUNK, BIT(K_SIZE), MEDVOL_E_TRUNCATED},
    {CUT, BIT(K_SIZE), MEDVOL_E_TRUNCATED},
};
static struct {
    way w;
    long at;     /* this step fails; 0: none */
    int forever; /* and all behind it that can */
    size_t drip; /* reads and writes move so many bytes; 0: all */
    int on;      /* steps count now */
    int calls;   /* system calls, not hooks */
    long step;
    unsigned hit;            /* kinds that failed */
    int hits, torn;
    int handles, maps, temps; /* alive */
    void *dirty[2];          /* written files that are not flushed */
    int early;               /* renamed before they were */
    unsigned char kind[256]; /* of the first steps */
    const char *cut;         /* file that CUT shortens */
    int foreign;             /* new files seem to be another group's; counts what fchown was asked */
} F;
static long operations, failed_steps, kills;
static unsigned seen; /* all kinds that failed */

/* Takes a step: how it fails, or 0. */
static int fault(int kind) {
    int fails;
    if (!F.on) return 0;
    if (F.step < (long)sizeof F.kind) F.kind[F.step] = (unsigned char)kind;
    F.step++;
    fails = F.torn || (F.at && (F.w.kinds & BIT(kind)) && (F.step == F.at || (F.forever && F.step > F.at)));
    if (fails && F.calls && F.w.how == EINTR && F.hits >= 3) fails = 0; /* as signals go */
    if (!fails) return 0;
    seen |= F.hit |= BIT(kind);
    F.hits++;
    failed_steps++;
    if (F.torn) return F.torn = 0, F.calls ? EIO : MEDVOL_E_IO;
    if (F.w.how == TORN) F.torn = 1;
    return F.w.how;
}
static int is_temp(const char *path) { return strstr(path, ".mvtmp.") != NULL; }

/* ---- a wrapping mv_io ---- */
#ifdef POSIX
static void die(void) { _exit(7); }
#else
static void die(void) { abort(); }
#endif
static int failing(int how) { /* what a hook without a length returns */
    if (how == KILL) die();
    return how == WILD ? -5000 : how >= ZERO ? MEDVOL_E_IO : how;
}
#define DISK T_FILES
#define STEP(kind, done)                                                                                     \
    int how = fault(kind), st = 0;                                                                           \
    (void)user;                                                                                              \
    if (!how || how == AFTER) st = (done);                                                                   \
    if (how) st = failing(how)
static int hook_open(void *user, const char *path, int mode, void **file) {
    STEP(mode == MEDVOL_IO_READ ? K_OPEN : K_CREATE, DISK->open(NULL, path, mode, file));
    if (st >= 0) F.handles++, F.temps += is_temp(path);
    return st;
}
static int hook_size(void *user, void *file, uint64_t *bytes) {
    int how = fault(K_SIZE), st = how < ZERO ? how : 0;
    (void)user;
    if (how == WILD || how == KILL) return failing(how);
    if (st == 0) st = DISK->size(NULL, file, bytes);
    if (how == GROWN) *bytes += 100;
    if (how == SHRUNK) *bytes -= *bytes / 3;
#ifdef POSIX
    if (how == CUT && truncate(F.cut, (off_t)(*bytes - *bytes / 3)) != 0) abort();
#endif
    return st;
}
static int64_t hook_read(void *user, void *file, uint64_t offset, void *dst, size_t n) {
    int how = fault(K_READ);
    (void)user;
    if (how == ZERO) return 0;
    if (how == WILD) return (int64_t)n + 1;
    if (how && how != TORN) return failing(how);
    if (how == TORN) n = (n + 1) / 2;
    return DISK->read(NULL, file, offset, dst, F.drip && F.drip < n ? F.drip : n);
}
static int64_t hook_write(void *user, void *file, const void *src, size_t n) {
    int how = fault(K_WRITE);
    (void)user;
    if (how == ZERO) return 0;
    if (how == WILD) return (int64_t)n + 1;
    if (how == KILL && DISK->write(NULL, file, src, (n + 1) / 2) < 0) abort();
    if (how && how != TORN) return failing(how);
    if (how == TORN) n = (n + 1) / 2;
    if (F.dirty[0] != file) F.dirty[F.dirty[0] != NULL] = file;
    return DISK->write(NULL, file, src, F.drip && F.drip < n ? F.drip : n);
}
static int hook_sync(void *user, void *file) { /* the disk itself need not be waited for */
    STEP(K_SYNC, file ? 0 : -1);
    if (F.dirty[0] == file) F.dirty[0] = NULL;
    if (F.dirty[1] == file) F.dirty[1] = NULL;
    return st;
}
static int hook_close(void *user, void *file) { /* gone, whatever is reported */
    int how = fault(K_CLOSE), st;
    (void)user;
    if (how == KILL) die();
    F.handles--;
    st = DISK->close(NULL, file);
    return how ? failing(how) : st;
}
static int hook_rename(void *user, const char *from, const char *to) { /* nor for the folder */
#ifdef POSIX
    STEP(K_RENAME, rename(from, to) ? MEDVOL_E_IO : 0);
#else
    STEP(K_RENAME, DISK->rename(NULL, from, to));
#endif
    if (!how || how == AFTER) F.temps -= is_temp(from);
    F.early |= F.dirty[0] || F.dirty[1];
    return st;
}
static int hook_remove(void *user, const char *path) {
    STEP(K_REMOVE, DISK->remove(NULL, path));
    if ((!how || how == AFTER) && st >= 0) F.temps -= is_temp(path);
    return st;
}
static int hook_resolve(void *user, const char *path, char *buf, size_t size) {
    STEP(K_RESOLVE, DISK->resolve(NULL, path, buf, size));
    return st;
}
static int hook_map(void *user, void *file, uint64_t bytes, void **address) {
    STEP(K_MAP, DISK->map(NULL, file, bytes, address));
    if (st >= 0) F.maps++;
    return st;
}
static void hook_unmap(void *user, void *address, uint64_t bytes) {
    (void)user;
    F.maps--;
    DISK->unmap(NULL, address, bytes);
}
static int hook_protect(void *user, void *file, const char *like) {
    STEP(K_PROTECT, DISK->protect(NULL, file, like));
    return st;
}
static int hook_link(void *user, const char *path, const char *other) {
    STEP(K_LINK, DISK->link(NULL, path, other));
    if (st >= 0) F.temps++;
    return st;
}
/* All of the platform's hooks that there are, but for those of `without`. */
static mv_io wrapped(unsigned without) {
    mv_io io = {NULL, hook_open, hook_size, hook_read, hook_write, hook_sync, hook_close, hook_rename,
        hook_remove, hook_resolve, hook_map, hook_unmap, hook_protect, hook_link, NULL};
    if (without & BIT(K_SYNC)) io.sync = NULL;
    if (without & BIT(K_RENAME)) io.rename = NULL;
    if (without & BIT(K_RESOLVE) || !DISK->resolve) io.resolve = NULL;
    if (without & BIT(K_MAP) || !DISK->map) io.map = NULL;
    if (without & BIT(K_PROTECT) || !DISK->protect) io.protect = NULL;
    if (without & BIT(K_LINK) || !DISK->link) io.link = NULL;
    return io;
}

/* ---- the system calls beneath ---- */
#ifdef IOFAULT_CALLS
static const way call_ways[] = {
    {EINTR,
        BIT(K_OPEN) | BIT(K_CREATE) | BIT(K_READ) | BIT(K_WRITE) | BIT(K_SYNC) | BIT(K_CLOSE) | BIT(K_FOLDER),
        MEDVOL_OK},
    {EINVAL, BIT(K_SYNC), MEDVOL_OK}, /* not every file system can flush */
    {EIO, ANY, MEDVOL_E_IO},
    {EAGAIN, ANY, MEDVOL_E_BUSY},
    {EBUSY, ANY, MEDVOL_E_BUSY},
    {ENOSPC, ANY, MEDVOL_E_FULL},
    {EDQUOT, ANY, MEDVOL_E_FULL},
    {EACCES, ANY, MEDVOL_E_ACCESS},
    {EPERM, ANY, MEDVOL_E_ACCESS},
    {EROFS, ANY, MEDVOL_E_ACCESS},
    {ENOMEM, ANY, MEDVOL_E_NOMEM},
    {ELOOP, ANY, MEDVOL_E_IO},
    {EMFILE, BIT(K_OPEN) | BIT(K_CREATE) | BIT(K_FOLDER), MEDVOL_E_IO},
    {ENAMETOOLONG, ANY, MEDVOL_E_SIZE},
    {EFBIG, BIT(K_WRITE), MEDVOL_E_SIZE},
    {ENOENT, BIT(K_OPEN) | BIT(K_CREATE) | BIT(K_STAT), MEDVOL_E_NOTFOUND},
    {EEXIST, BIT(K_CREATE) | BIT(K_LINK), MEDVOL_E_EXISTS},
    {ZERO, BIT(K_READ) | BIT(K_WRITE), MEDVOL_E_IO},
    {TORN, BIT(K_READ) | BIT(K_WRITE), MEDVOL_E_IO},
};
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* the platform's reads come from several threads */
static int call(int kind) {
    int how;
    if (!F.calls) return 0;
    pthread_mutex_lock(&lock);
    how = fault(kind);
    pthread_mutex_unlock(&lock);
    if (how == KILL && kind != K_WRITE) die();
    if (how && how < ZERO) errno = how;
    return how;
}
int __real_open64(const char *path, int flags, ...);
int __real_close(int fd);
int __real_stat64(const char *path, struct stat *info);
int __real_lstat64(const char *path, struct stat *info);
int __real_fstat64(int fd, struct stat *info);
ssize_t __real_readlink(const char *path, char *buf, size_t n);
ssize_t __real_pread64(int fd, void *buf, size_t n, off_t at);
ssize_t __real_write(int fd, const void *buf, size_t n);
int __real_fsync(int fd);
int __real_fchmod(int fd, mode_t mode);
int __real_fchown(int fd, uid_t uid, gid_t gid);
int __real_rename(const char *from, const char *to);
int __real_unlink(const char *path);
int __real_link(const char *path, const char *other);
void *__real_mmap64(void *at, size_t n, int prot, int flags, int fd, off_t from);
int __real_munmap(void *at, size_t n);

static int is_folder(int fd) {
    struct stat info;
    return __real_fstat64(fd, &info) == 0 && S_ISDIR(info.st_mode);
}
int __wrap_open64(const char *path, int flags, ...);
int __wrap_open64(const char *path, int flags, ...) {
    struct stat info;
    int mode = 0, fd, kind = flags & O_CREAT ? K_CREATE : K_OPEN;
    va_list a;
    va_start(a, flags);
    if (flags & O_CREAT) mode = va_arg(a, int);
    va_end(a);
    if (kind == K_OPEN && __real_stat64(path, &info) == 0 && S_ISDIR(info.st_mode)) kind = K_FOLDER;
    if (call(kind)) return -1;
    fd = __real_open64(path, flags, mode);
    if (F.calls && fd >= 0) F.handles++;
    return fd;
}
int __wrap_close(int fd);
int __wrap_close(int fd) {
    int how = call(is_folder(fd) ? K_FOLDER : K_CLOSE), k = __real_close(fd);
    if (F.calls) F.handles--;
    if (how) errno = how;
    return how ? -1 : k;
}
#  define WRAP(kind, name, params, ...)                                                                      \
      int __wrap_##name params;                                                                              \
      int __wrap_##name params { return call(kind) ? -1 : __real_##name(__VA_ARGS__); }
WRAP(K_STAT, stat64, (const char *path, struct stat *info), path, info)
WRAP(K_LSTAT, lstat64, (const char *path, struct stat *info), path, info)
WRAP(K_FCHMOD, fchmod, (int fd, mode_t mode), fd, mode)
WRAP(K_RENAME, rename, (const char *from, const char *to), from, to)
WRAP(K_REMOVE, unlink, (const char *path), path)
WRAP(K_LINK, link, (const char *path, const char *other), path, other)
int __wrap_fstat64(int fd, struct stat *info);
int __wrap_fstat64(int fd, struct stat *info) {
    int k = call(K_STAT) ? -1 : __real_fstat64(fd, info);
    if (k == 0 && F.calls && F.foreign) info->st_gid++;
    return k;
}
int __wrap_fchown(int fd, uid_t uid, gid_t gid);
int __wrap_fchown(int fd, uid_t uid, gid_t gid) {
    if (F.calls && F.foreign) /* first with the owner, then with the group alone */
        CHECK((uid == (uid_t)-1) == (F.foreign++ > 1));
    return call(K_FCHOWN) ? -1 : __real_fchown(fd, uid, gid);
}
ssize_t __wrap_readlink(const char *path, char *buf, size_t n);
ssize_t __wrap_readlink(const char *path, char *buf, size_t n) {
    return call(K_READLINK) ? -1 : __real_readlink(path, buf, n);
}
int __wrap_fsync(int fd);
int __wrap_fsync(int fd) { /* the disk itself need not be waited for */
    return call(is_folder(fd) ? K_FOLDER : K_SYNC) ? -1 : F.calls ? 0 : __real_fsync(fd);
}
ssize_t __wrap_pread64(int fd, void *buf, size_t n, off_t at);
ssize_t __wrap_pread64(int fd, void *buf, size_t n, off_t at) {
    int how = call(K_READ);
    if (how == ZERO) return 0;
    if (how && how != TORN) return -1;
    if (how == TORN) n = (n + 1) / 2;
    return __real_pread64(fd, buf, F.calls && F.drip && F.drip < n ? F.drip : n, at);
}
ssize_t __wrap_write(int fd, const void *buf, size_t n);
ssize_t __wrap_write(int fd, const void *buf, size_t n) {
    int how = call(K_WRITE);
    if (how == ZERO) return 0;
    if (how == KILL && __real_write(fd, buf, (n + 1) / 2) < 0) abort();
    if (how == KILL) die();
    if (how && how != TORN) return -1;
    if (how == TORN) n = (n + 1) / 2;
    return __real_write(fd, buf, F.calls && F.drip && F.drip < n ? F.drip : n);
}
void *__wrap_mmap64(void *at, size_t n, int prot, int flags, int fd, off_t from);
void *__wrap_mmap64(void *at, size_t n, int prot, int flags, int fd, off_t from) {
    void *p;
    if (call(K_MAP)) return MAP_FAILED;
    p = __real_mmap64(at, n, prot, flags, fd, from);
    if (F.calls && p != MAP_FAILED) F.maps++;
    return p;
}
int __wrap_munmap(void *at, size_t n);
int __wrap_munmap(void *at, size_t n) {
    if (F.calls) F.maps--;
    return __real_munmap(at, n);
}
#endif

/* ---- files as they were, and as they shall be ---- */
typedef struct content {
    unsigned char *p; /* NULL: there is no such file */
    size_t n;
} content;
static content get(const char *path) {
    content c = {NULL, 0};
    FILE *f = fopen(path, "rb");
    if (!f) return c;
    c.p = (unsigned char *)malloc(1 << 22);
    if (!c.p) abort();
    c.n = fread(c.p, 1, 1 << 22, f);
    c.p = (unsigned char *)realloc(c.p, c.n + 1);
    fclose(f);
    return c;
}
static void put(const char *path, content c) {
    FILE *f;
    if (!c.p) {
        remove(path);
        return;
    }
    f = fopen(path, "wb");
    if (!f || fwrite(c.p, 1, c.n, f) != c.n || fclose(f) != 0) abort();
}
static int holds(const char *path, content c) {
    static unsigned char part[1 << 15];
    FILE *f = fopen(path, "rb");
    size_t n, at = 0;
    int same = !f == !c.p;
    for (; f && same && (n = fread(part, 1, sizeof part, f)) > 0; at += n)
        same = n <= c.n - at && !memcmp(part, c.p + at, n);
    if (f) fclose(f);
    return same && at == c.n;
}
/* Temporary files in the folder; each must have the documented name. `clear`: remove them. */
static int temps(int clear) {
#ifdef POSIX
    DIR *d = opendir(FOLDER);
    struct dirent *e;
    int n = 0;
    while (d && (e = readdir(d)) != NULL) {
        char path[400], rest;
        unsigned long pid;
        unsigned turn;
        if (!is_temp(e->d_name)) continue;
        n++;
        CHECK(!strncmp(e->d_name, ".scan.", 6) &&
            sscanf(strstr(e->d_name, ".mvtmp."), ".mvtmp.%lu.%u%c", &pid, &turn, &rest) == 2);
        snprintf(path, sizeof path, FOLDER "%s", e->d_name);
        if (clear) remove(path);
    }
    if (d) closedir(d);
    return n;
#else
    if (clear) F.temps = 0;
    return F.temps;
#endif
}

/* ---- what is done with files ---- */
enum { LOAD, HEADER, MAP, SAVE, PNG };
enum {
    FRESH = 1,  /* no file was there */
    LINKED = 2, /* the path is a symbolic link */
    LOADED = 4, /* what is saved was loaded from the file, */
    MAPPED = 8, /* or is mapped from it */
    HALF = 16,  /* of a pair only the .hdr was there */
    ANALYZE = 32,
    LIKE_GZIP = 64, /* bare voxels that begin like gzip */
    INTO = 128,     /* into memory of the caller's */
    SERIES = 256,   /* 4-D */
    LARGE = 512,    /* enough for reading by several threads */
#ifdef POSIX
    NOT_HERE = 0
#else
    NOT_HERE = LINKED | MAPPED /* Windows refuses to replace what is mapped */
#endif
};
typedef struct scene {
    const char *name;
    int what;
    const char *path; /* in the folder */
    int special;
    mv_save_opt save; /* how the file is made */
    mv_load_opt load;
    unsigned without; /* hooks that are NULL */
} scene;
#define BLOCK .container = MEDVOL_GZIP_MGZIP, .member = 700
#define PLAIN .container = MEDVOL_GZIP_PLAIN
#define BOX .crop = 3, .start = {2, 3, 2}, .size = {6, 5, 3}
static const scene scenes[] = {
    {"load nii", LOAD, "scan.nii", 0, {0}, {0}, 0},
    {"load nii into", LOAD, "scan.nii", INTO, {0}, {0}, 0},
    {"load large", LOAD, "scan.nii", LARGE, {0}, {.dtype = MEDVOL_F64}, 0},
    {"load gz", LOAD, "scan.nii.gz", 0, {PLAIN}, {0}, 0},
    {"load block gz", LOAD, "scan.nii.gz", 0, {BLOCK}, {0}, 0},
    {"load bgzf", LOAD, "scan.nii.gz", 0, {.container = MEDVOL_GZIP_BGZF, .member = 700}, {0}, 0},
    {"load gz partial", LOAD, "scan.nii.gz", 0, {PLAIN}, {.verify = 1, .crop = 1, .size = {4}}, 0},
    {"load pair by hdr", LOAD, "scan.hdr", 0, {0}, {0}, 0},
    {"load pair by img", LOAD, "scan.img", 0, {0}, {0}, 0},
    {"load pair gz", LOAD, "scan.img.gz", 0, {BLOCK}, {0}, 0},
    {"load analyze", LOAD, "scan.img", ANALYZE, {0}, {.analyze = 1}, 0},
    {"load img like gzip", LOAD, "scan.img", LIKE_GZIP, {0}, {0}, 0},
    {"load crop nii", LOAD, "scan.nii", 0, {0}, {BOX}, 0},
    {"load crop gz", LOAD, "scan.nii.gz", 0, {PLAIN}, {BOX}, 0},
    {"load crop block gz", LOAD, "scan.nii.gz", 0, {BLOCK}, {BOX}, 0},
    {"load crop pair", LOAD, "scan.hdr", 0, {.big_endian = 1}, {BOX, .dtype = MEDVOL_I16}, 0},
    {"load verified crop", LOAD, "scan.nii.gz", 0, {BLOCK}, {BOX, .verify = 1}, 0},
    {"load volumes", LOAD, "scan.nii", SERIES, {0}, {.volume = 2, .volumes = 3}, 0},
    {"load volumes gz", LOAD, "scan.nii.gz", SERIES, {BLOCK}, {.volume = 2, .volumes = 3}, 0},
    {"header nii", HEADER, "scan.nii", 0, {.version = 2}, {0}, 0},
    {"header gz", HEADER, "scan.nii.gz", 0, {BLOCK}, {0}, 0},
    {"header of pair by img", HEADER, "scan.img", 0, {0}, {0}, 0},
    {"header of pair gz", HEADER, "scan.hdr.gz", 0, {0}, {0}, 0},
    {"map nii", MAP, "scan.nii", 0, {0}, {0}, 0},
    {"map pair", MAP, "scan.hdr", 0, {0}, {0}, 0},
    {"map crop", MAP, "scan.nii", 0, {0}, {BOX}, 0},
    {"load npy", LOAD, "scan.npy", 0, {0}, {0}, 0},
    {"load npy gz", LOAD, "scan.npy.gz", 0, {BLOCK}, {0}, 0},
    {"load crop npy", LOAD, "scan.npy", 0, {.big_endian = 1}, {BOX}, 0},
    {"header npy", HEADER, "scan.npy", 0, {0}, {0}, 0},
    {"map npy", MAP, "scan.npy", 0, {0}, {0}, 0},
    {"load cfl", LOAD, "scan.cfl", 0, {0}, {0}, 0},
    {"load cfl by hdr", LOAD, "scan.hdr", 0, {.form = MEDVOL_FORM_CFL}, {0}, 0},
    {"load cfl by its stem", LOAD, "scan", 0, {.form = MEDVOL_FORM_CFL}, {BOX}, 0},
    {"header of cfl", HEADER, "scan.cfl", 0, {0}, {0}, 0},
    {"map cfl", MAP, "scan", 0, {.form = MEDVOL_FORM_CFL}, {0}, 0},
    {"save npy", SAVE, "scan.npy", 0, {0}, {0}, 0},
    {"save npy gz", SAVE, "scan.npy.gz", FRESH, {BLOCK, .dtype = MEDVOL_I16}, {0}, 0},
    {"save cfl", SAVE, "scan.cfl", 0, {0}, {0}, 0},
    {"save new cfl", SAVE, "scan.hdr", FRESH, {.form = MEDVOL_FORM_CFL}, {0}, 0},
    {"save half cfl", SAVE, "scan", HALF, {.form = MEDVOL_FORM_CFL}, {0}, 0},
    {"save nii", SAVE, "scan.nii", 0, {0}, {0}, 0},
    {"save new nii", SAVE, "scan.nii", FRESH, {0}, {0}, 0},
    {"save i16", SAVE, "scan.nii", 0, {.dtype = MEDVOL_I16, .version = 2, .big_endian = 1}, {0}, 0},
    {"save unsynced", SAVE, "scan.nii", 0, {.no_sync = 1}, {0}, 0},
    {"save gz", SAVE, "scan.nii.gz", 0, {PLAIN, .level = 6}, {0}, 0},
    {"save block gz", SAVE, "scan.nii.gz", 0, {BLOCK}, {0}, 0},
    {"save new bgzf", SAVE, "scan.nii.gz", FRESH, {.container = MEDVOL_GZIP_BGZF, .member = 700}, {0}, 0},
    {"save pair", SAVE, "scan.hdr", 0, {0}, {0}, 0},
    {"save new pair", SAVE, "scan.img", FRESH, {0}, {0}, 0},
    {"save half pair", SAVE, "scan.img", HALF, {0}, {0}, 0},
    {"save pair gz", SAVE, "scan.hdr.gz", 0, {BLOCK}, {0}, 0},
    {"save over loaded", SAVE, "scan.nii.gz", LOADED, {BLOCK}, {0}, 0},
    {"save over mapped", SAVE, "scan.nii", MAPPED, {0}, {0}, 0},
    {"save over mapped pair", SAVE, "scan.img", MAPPED, {0}, {0}, 0},
    {"save by link", SAVE, "link.scan.nii", LINKED, {0}, {0}, 0},
    {"save png", PNG, "scan.png", 0, {0}, {0}, 0},
    {"save new png", PNG, "scan.png", FRESH, {0}, {0}, 0},
    {"load without extras", LOAD, "scan.nii.gz", 0, {BLOCK}, {0}, ~0u},
    {"save without sync", SAVE, "scan.nii", 0, {0}, {0}, BIT(K_SYNC)},
    {"save without resolve", SAVE, "scan.nii", 0, {0}, {0}, BIT(K_RESOLVE)},
    {"save without protect", SAVE, "scan.nii", 0, {0}, {0}, BIT(K_PROTECT)},
    {"save pair without link", SAVE, "scan.hdr", 0, {0}, {0}, BIT(K_LINK)},
    {"save without rename", SAVE, "scan.nii", 0, {0}, {0}, BIT(K_RENAME)},
    {"save new without rename", SAVE, "scan.nii.gz", FRESH, {BLOCK}, {0}, BIT(K_RENAME)},
    {"save pair without rename", SAVE, "scan.hdr", 0, {0}, {0}, BIT(K_RENAME)},
    {"save cfl without link", SAVE, "scan.cfl", 0, {0}, {0}, BIT(K_LINK)},
    {"save cfl without rename", SAVE, "scan.cfl", 0, {0}, {0}, BIT(K_RENAME)},
    {"save without extras", SAVE, "scan.nii", 0, {0}, {0}, ~0u},
};
enum { SCENES = (int)(sizeof scenes / sizeof *scenes) };

static struct {
    const scene *s;
    char path[64], file[2][64]; /* as given; .nii or .npy, or .hdr and .img or .cfl */
    int files;
    content old[2], fresh[2];
    mv_volume source, want; /* what is saved; what a load gives */
} G;
static mv_status begin_volume(mv_volume *v, const scene *s, int turn) {
    size_t dim[4] = {13, 11, 7, 1}, i, n;
    int like = s->special & LIKE_GZIP, series = s->special & SERIES;
    mv_dtype type = s->what == PNG || like ? MEDVOL_U8 : MEDVOL_F32;
    mv_status st;
    if (series) dim[0] = 5, dim[1] = 6, dim[2] = 3, dim[3] = 7;
    if (s->special & LARGE) dim[0] = 64, dim[1] = 64, dim[2] = 64;
    if (s->what == PNG) dim[2] = 1;
    memset(v, 0, sizeof *v);
    st = mv_volume_alloc(T_NONE, v, type, series ? 4 : 3, dim);
    for (n = mv_volume_count(v), i = 0; st == MEDVOL_OK && i < n; i++) {
        unsigned x = (unsigned)(i * 2654435761u + (unsigned)turn * 40503u) >> 9;
        if (v->dtype == MEDVOL_U8) ((uint8_t *)v->data)[i] = (uint8_t)x;
        else ((float *)v->data)[i] = (float)(x % 1000);
    }
    if (like) memcpy(v->data, "\x1f\x8b\x08", 3);
    v->affine[3] = 10.0 * turn; /* the headers differ too */
    return st;
}
/* The volume that is saved: `after`, or the file's own with a voxel changed. */
static void source(const scene *s, const mv_volume *after) {
    memset(&G.source, 0, sizeof G.source);
    if (s->special & LOADED) CHECK_OK(mv_load(T_NONE, &G.source, G.path, NULL));
    else if (s->special & MAPPED) CHECK_OK(mv_map(T_NONE, &G.source, G.path, NULL));
    else G.source = *after, G.source.owner = NULL;
    if (s->special & (LOADED | MAPPED) && G.source.data) ((float *)G.source.data)[5] = -1.5f;
}
static mv_status act(const scene *s, mv_ctx *c, mv_volume *v) {
    switch (s->what) {
        case LOAD: return mv_load(c, v, G.path, &s->load);
        case HEADER: return mv_load_header(c, v, G.path, &s->load);
        case MAP: return mv_map(c, v, G.path, &s->load);
        case SAVE: return mv_save(c, &G.source, G.path, &s->save);
        default: return mv_save_png(c, &G.source, G.path, NULL);
    }
}
static int loads(const scene *s) { return s->what <= MAP; }
static int is_cfl(const scene *s) { return strstr(s->path, ".cfl") || s->save.form == MEDVOL_FORM_CFL; }
static int in_vain(const scene *s) { return s->what == MAP && is_cfl(s) && T_BIG_ENDIAN; }
static void restore(void) {
    int i;
    for (i = 0; i < G.files; i++)
        if (!holds(G.file[i], G.old[i])) put(G.file[i], G.old[i]);
}
static void name_files(const scene *s) {
    char *dot;
    snprintf(G.path, sizeof G.path, FOLDER "%s", s->path);
    snprintf(G.file[0], sizeof G.file[0], FOLDER "%s", s->special & LINKED ? "scan.nii" : s->path);
    strcpy(G.file[1], G.file[0]);
    dot = strstr(s->path, ".hdr") || strstr(s->path, ".img") ? strchr(G.file[0], '.') : NULL;
    G.files = dot ? 2 : 1;
    if (dot) memcpy(dot, ".hdr", 4), memcpy(strchr(G.file[1], '.'), ".img", 4);
    if (!is_cfl(s)) return;
    G.files = 2;
    strcpy(G.file[0], FOLDER "scan.hdr");
    strcpy(G.file[1], FOLDER "scan.cfl");
}
static void begin(const scene *s, mv_volume *after) {
    mv_volume before;
    mv_io io = wrapped(0); /* does not wait for the disk */
    mv_save_opt o = s->save;
    mv_ctx c = T_EMPTY;
    int i;
    c.desc.io = &io;
    memset(&G, 0, sizeof G);
    memset(&F, 0, sizeof F);
    G.s = s;
    name_files(s);
    if (begin_volume(&before, s, 0) < 0 || begin_volume(after, s, 1) < 0) abort();
#ifdef POSIX
    if (s->special & LINKED) CHECK(symlink("scan.nii", G.path) == 0);
#endif
    if ((s->what == MAP || s->special & MAPPED) && !is_cfl(s)) o.big_endian = T_BIG_ENDIAN; /* no other */
    CHECK_OK(s->what == PNG ? mv_save_png(&c, &before, G.path, NULL) : mv_save(&c, &before, G.path, &o));
    mv_volume_free(T_NONE, &before);
    for (i = 0; i < G.files; i++) G.old[i] = get(G.file[i]);
    if (s->special & ANALYZE && CHECK(G.old[0].p)) memset(G.old[0].p + 344, 0, 4), put(G.file[0], G.old[0]);
    if (loads(s)) {
        CHECK_OK(s->what == HEADER ? act(s, T_NONE, &G.want) : mv_load(T_NONE, &G.want, G.path, &s->load));
        return;
    }
    source(s, after);
    CHECK_OK(act(s, &c, NULL));
    for (i = 0; i < G.files; i++) G.fresh[i] = get(G.file[i]);
    for (i = s->special & HALF ? 1 : 0; i < G.files && s->special & (FRESH | HALF); i++) {
        free(G.old[i].p);
        memset(&G.old[i], 0, sizeof G.old[i]);
    }
    if (s->special & (LOADED | MAPPED)) mv_volume_free(T_NONE, &G.source);
    restore();
    source(s, after);
    memset(&F, 0, sizeof F);
}
static void finish(mv_volume *after) {
    int i;
    for (i = 0; i < G.files; i++) remove(G.file[i]), free(G.old[i].p), free(G.fresh[i].p);
    remove(G.path);
    mv_volume_free(T_NONE, &G.source);
    mv_volume_free(T_NONE, &G.want);
    mv_volume_free(T_NONE, after);
}
static int same_volume(const mv_volume *a, const mv_volume *b) {
    size_t size = mv_dtype_size(a->dtype), i, k, n = 1;
    int d;
    if (a->dtype != b->dtype || a->ndim != b->ndim) return 0;
    if (memcmp(a->affine, b->affine, sizeof a->affine)) return 0;
    for (d = 0; d < a->ndim; d++) {
        if (a->dim[d] != b->dim[d]) return 0;
        n *= a->dim[d];
    }
    if (!a->data || !b->data) return a->data == b->data; /* headers */
    for (i = 0; i < n; i++) {
        ptrdiff_t oa = 0, ob = 0;
        for (d = 0, k = i; d < a->ndim; k /= a->dim[d], d++)
            oa += (ptrdiff_t)(k % a->dim[d]) * a->stride[d], ob += (ptrdiff_t)(k % a->dim[d]) * b->stride[d];
        oa *= (ptrdiff_t)size, ob *= (ptrdiff_t)size;
        if (memcmp((char *)a->data + oa, (char *)b->data + ob, size)) return 0;
    }
    return 1;
}

/* ---- one attempt, and what must hold afterwards ---- */
/* What of the failed steps does no harm: a load's close; the second name of a pair's .img (which then cannot
   come back) and its removal, permissions that cannot be kept, a folder that cannot be flushed; a name that
   was taken; what is tried again. */
static unsigned harmless(const scene *s) {
    unsigned k = BIT(K_LINK) | BIT(K_REMOVE) | BIT(K_FCHMOD) | BIT(K_FCHOWN) | BIT(K_FOLDER);
    if (loads(s)) k = BIT(K_CLOSE);
    if (F.calls ? F.w.how == EEXIST : F.w.how == MEDVOL_E_EXISTS) k |= F.forever ? 0 : BIT(K_CREATE);
    if (F.w.how == MEDVOL_E_NOTFOUND && !F.forever && loads(s) && G.files == 2)
        k |= BIT(K_OPEN); /* by its name in capitals, where that is the same file */
    if (F.calls && F.w.how == ENOENT && !loads(s)) k |= BIT(K_STAT); /* nothing to be like */
    if (F.calls && F.w.how == ENOENT && is_cfl(s) && !F.forever) k |= BIT(K_STAT); /* its stem is no file */
    if (F.calls && (F.w.how == EINTR || F.w.how == EINVAL)) k = ANY;
    if (F.w.how == ZERO && loads(s)) k |= BIT(K_READ); /* block gzip as one stream, which is verified */
    return k;
}
static int status_fits(const scene *s, mv_status st) {
    mv_status want = F.w.want;
    if (!F.hit) return st == MEDVOL_OK;
    if (F.w.how == GROWN || F.w.how == SHRUNK || F.w.how == CUT) /* what is there may be enough */
        return st == MEDVOL_OK || st == MEDVOL_E_TRUNCATED || st == MEDVOL_E_CORRUPT ||
            (st == MEDVOL_E_UNSUPPORTED && s->special & LIKE_GZIP) || (st == MEDVOL_E_FORMAT && is_cfl(s)) ||
            (st == MEDVOL_E_ACCESS && s->what == MAP); /* Windows maps no more than there is */
    if (st == MEDVOL_OK) return !(F.hit & ~harmless(s)) || F.w.how == TORN;
    if (F.w.how == ZERO && F.hit & BIT(K_READ)) want = MEDVOL_E_TRUNCATED;
    return st == want;
}
static int without_rename(const scene *s) { return s->without & BIT(K_RENAME) && !F.calls; }
/* All files old, or all new. */
static int check_files(const scene *s, mv_ctx *c, mv_status st) {
    int i, old = 1, fresh = 1, good = 1, moved = F.hit & BIT(K_RENAME) && F.w.how == AFTER;
    content none = {NULL, 0};
    const char *half = is_cfl(s) ? "the .cfl is the new one" : "the .img is the new one";
    for (i = 0; i < G.files; i++) {
        old &= holds(G.file[i], G.old[i]);
        fresh &= holds(G.file[i], G.fresh[i]);
    }
    if (loads(s)) good = CHECK(old || F.w.how == CUT);
    else if (st == MEDVOL_OK) good = CHECK(fresh);
    else if (without_rename(s)) { /* straight to the target: gone, or not begun */
        for (i = 0; i < G.files && !(F.hit & BIT(K_REMOVE)); i++)
            good &= CHECK(holds(G.file[i], G.old[i]) || holds(G.file[i], none));
    } else if (!old && !(moved && fresh)) { /* a pair whose .img could not come back */
        good = CHECK(F.hit & BIT(K_RENAME) &&
            (F.forever || (moved && !G.old[1].p) || !DISK->link || (s->without | F.hit) & BIT(K_LINK)));
        good &= CHECK(G.files == 2 && holds(G.file[1], G.fresh[1]) && holds(G.file[0], G.old[0]));
        good &= CHECK(moved || strstr(mv_message(c), half) != NULL);
    } else good = CHECK(!old || !strstr(mv_message(c), half));
    if (!old) restore();
    return good;
}
static int check_rest(const scene *s, mv_ctx *c, mv_status st) {
    int left = temps(0), allowed = 0, good;
    if (F.hit & BIT(K_REMOVE)) allowed = 3;
    else if (st < 0 && G.files == 2 && F.hit & BIT(K_RENAME) && (F.forever || F.w.how == AFTER)) allowed = 1;
    good = CHECK(left <= allowed);
    temps(1);
    F.temps = 0;
    good &= CHECK(F.handles == 0);
    if (s->what == SAVE && !s->save.no_sync && !(s->without & BIT(K_SYNC))) good &= CHECK(!F.early);
    if (st < 0) {
        const char *m = mv_message(c);
        good &= CHECK(c->error.code == st && strstr(m, FOLDER) && strstr(m, "scan") && !strstr(m, ": ok"));
        good &= CHECK(!strstr(m, "out of memory") || st == MEDVOL_E_NOMEM);
    }
#ifdef POSIX
    if (s->special & LINKED) {
        struct stat info;
        good &= CHECK(lstat(G.path, &info) == 0 && S_ISLNK(info.st_mode));
    }
#endif
    /* the old file lives on in its map */
    if (s->special & MAPPED) good &= CHECK(((float *)G.source.data)[5] == -1.5f);
    return good;
}
/* Step `at` fails. Returns 0 when there was no such step. */
static int attempt(mv_ctx *c, const way *w, long at, int forever, size_t drip) {
    const scene *s = G.s;
    mv_volume v, none, probe;
    mv_status st;
    size_t live = t_live();
    int calls = F.calls, good;
    const char *cut = G.file[G.files - 1];
    memset(&F, 0, sizeof F);
    memset(&v, 0, sizeof v);
    memset(&probe, 0, sizeof probe);
    memset(&c->error, 0, sizeof c->error);
    F.calls = calls;
    if (w) F.w = *w;
    F.at = at, F.forever = forever, F.drip = drip, F.cut = cut;
    if (s->special & INTO) CHECK_OK(mv_volume_alloc(c, &v, MEDVOL_F32, G.want.ndim, G.want.dim));
    none = v;
    F.on = 1;
    st = act(s, c, &v);
    F.on = 0;
    good = CHECK(status_fits(s, st));
    if (st < 0) good &= CHECK(!memcmp(&v, &none, sizeof v));
    else if (loads(s) && !(s->what == MAP && F.w.how == CUT)) /* what is cut off a map cannot be touched */
        good &= CHECK(same_volume(&v, &G.want));
    good &= check_files(s, c, st);
    mv_volume_free(c, &v);
    good &= check_rest(s, c, st);
    good &= CHECK(F.maps == 0) & CHECK(t_live() == live);
    F.calls = 0;
    if (s->what != PNG && st < 0 && G.old[0].p) CHECK_OK(mv_load_header(c, &probe, G.file[0], &s->load));
    mv_volume_free(c, &probe);
    F.calls = calls;
    if (!good)
        fprintf(stderr, "  %s, step %ld (kind %d) fails with %d%s%s: status %d, message \"%s\"\n", s->name,
            at, at && at <= 256 ? F.kind[at - 1] : -1, F.w.how, forever ? " for ever" : "",
            drip ? ", dripping" : "", (int)st, mv_message(c));
    return F.step >= at;
}
static int all(void) { return getenv("IOFAULT") != NULL; }
/* All steps in all ways; then with reads and writes of one byte, of whose thousands the first 64 fail and
   then each an eighth further (make test: twice as far). */
static void exercise(mv_ctx *c, const way *ways, size_t n) {
    unsigned char kind[sizeof F.kind];
    size_t i;
    long at, steps;
    size_t drip = G.s->special & LARGE ? 9999 : 1;
    int forever;
    attempt(c, NULL, 0, 0, 0);
    memcpy(kind, F.kind, sizeof kind);
    steps = F.step;
    CHECK(steps > 0 && steps <= (long)sizeof kind);
    for (i = 0; i < n; i++)
        for (forever = 0; forever < 2; forever++)
            for (at = 1; at <= steps; at++)
                if (ways[i].kinds & BIT(kind[at - 1])) attempt(c, &ways[i], at, forever, 0);
    attempt(c, NULL, 0, 0, drip);
    for (i = 0; i < n; i++)
        if (ways[i].how == (F.calls ? EIO : MEDVOL_E_IO))
            for (at = 1; attempt(c, &ways[i], at, 0, drip);) at += !all() ? at : at < 64 ? 1 : at / 8;
}
static mv_ctx context(int threads, const mv_io *io) {
    mv_ctx c;
    mv_ctx_desc d = T->desc; /* counts blocks */
    d.threads = threads;
    d.io = io;
    if (mv_ctx_init(&c, &d) < 0) abort();
    return c;
}
static void make_folder(void) {
#ifdef POSIX
    mkdir(FOLDER, 0777);
#elif defined(_WIN32)
    mkdir(FOLDER);
#endif
    temps(1);
}
static void test_hooks(void) {
    static const int threads[] = {2, 1, 5};
    int k, t;
    make_folder();
    for (k = 0; k < SCENES; k++)
        for (t = 0; t < (all() ? 3 : 1); t++) {
            mv_volume after;
            mv_io io = wrapped(scenes[k].without);
            mv_ctx c;
            if ((scenes[k].what == MAP && !io.map) || in_vain(&scenes[k])) continue;
            if (scenes[k].special & (LARGE | NOT_HERE)) continue; /* hooks are read by one thread */
            c = context(threads[t], &io);
            begin(&scenes[k], &after);
            exercise(&c, hook_ways, sizeof hook_ways / sizeof *hook_ways);
            finish(&after);
            mv_ctx_free(&c);
            operations++;
        }
}
static void test_optional(void) { /* what is not there is done without */
    mv_io io = wrapped(ANY);
    mv_volume v, after;
    mv_ctx c = context(1, &io);
    memset(&v, 0, sizeof v);
    begin(&scenes[0], &after);
    CHECK_OK(mv_load(&c, &v, G.path, NULL));
    CHECK_STATUS(mv_map(&c, &v, G.path, NULL), MEDVOL_E_UNSUPPORTED);
    CHECK(strstr(mv_message(&c), "no maps here") && strstr(mv_message(&c), G.path));
    CHECK(same_volume(&v, &G.want));
    mv_volume_free(&c, &v);
    finish(&after);
    mv_ctx_free(&c);
}

#ifdef POSIX
/* The program ends within step 1, 2, ... of a save. */
static long left_old, left_new, left_mixed;
static int left_most;
static int killed_at(const scene *s, const mv_io *io, long at, int threads) {
    int status = 0;
    pid_t child;
    fflush(NULL);
    child = fork();
    if (child == 0) {
        way w = {KILL, ANY, MEDVOL_OK};
        mv_ctx c = context(threads, io);
        memset(&F, 0, sizeof F);
        F.w = w, F.at = at, F.calls = !io, F.on = 1;
        _exit(act(s, &c, NULL) == MEDVOL_OK ? 0 : 9);
    }
    CHECK(child > 0 && waitpid(child, &status, 0) == child && WIFEXITED(status));
    CHECK(WEXITSTATUS(status) == 7 || WEXITSTATUS(status) == 0);
    return WEXITSTATUS(status) == 7;
}
static void kill_save(const scene *s, const mv_io *io, int threads) {
    long at;
    int died = 1, i, left;
    mv_volume after;
    mv_io whole = wrapped(0);
    mv_ctx c = context(1, &whole);
    begin(s, &after);
    for (at = 1; died && at < 1000; at++) {
        int old = 1, fresh = 1;
        restore();
        died = killed_at(s, io, at, threads);
        kills += died;
        for (i = 0; i < G.files; i++) {
            old &= holds(G.file[i], G.old[i]);
            fresh &= holds(G.file[i], G.fresh[i]);
        }
        left = temps(0);
        left_most = left > left_most ? left : left_most;
        CHECK(left <= (!died ? 0 : G.files == 2 ? 3 : 1));
        if (old) left_old += died;
        else if (fresh) left_new += died;
        else { /* the .img comes first */
            left_mixed++;
            CHECK(G.files == 2 && holds(G.file[0], G.old[0]) && holds(G.file[1], G.fresh[1]));
        }
        CHECK(died || fresh);
        CHECK_OK(act(s, &c, NULL)); /* a later save is not disturbed, and touches nothing */
        for (i = 0; i < G.files; i++) CHECK(holds(G.file[i], G.fresh[i]));
        CHECK(temps(0) == left);
        temps(1);
    }
    CHECK(!died && at > 5);
    finish(&after);
    mv_ctx_free(&c);
}
static void kill_all(const mv_io *io) {
    int k, threads;
    make_folder();
    left_old = left_new = left_mixed = left_most = 0;
    for (k = 0; k < SCENES; k++)
        for (threads = 1; threads <= (all() ? 3 : 1); threads += 2)
            if (!loads(&scenes[k]) && !scenes[k].without) kill_save(&scenes[k], io, threads);
    CHECK(left_old > 100 && left_mixed > 3 && left_most == 3);
    if (all())
        printf("%ld kills left the old file, %ld the new one, %ld a new .img with an old .hdr; at most %d "
            "temporary files\n", left_old, left_new, left_mixed, left_most);
}
static void test_kills(void) {
    mv_io io = wrapped(0);
    kill_all(&io);
}
/* Nobody may read the temporary file who may not read the file. */
static mode_t most;
static int watched; /* looks at it */
static int watch_open(void *user, const char *path, int mode, void **file) {
    int st = DISK->open(user, path, mode, file);
    struct stat info;
    if (st >= 0 && mode != MEDVOL_IO_READ) {
        CHECK(stat(path, &info) == 0 && !(info.st_mode & 0777 & ~most));
        watched++;
    }
    return st;
}
static int watch_protect(void *user, void *file, const char *like) {
    watched++;
    return DISK->protect(user, file, like);
}
static void test_permissions(void) {
    static const mode_t modes[] = {0600, 0640, 0644, 0660, 0400, 0666};
    mv_io io = *DISK;
    mode_t was = umask(0);
    struct stat info;
    mv_volume after;
    size_t i;
    make_folder();
    io.open = watch_open, io.protect = watch_protect;
    T->desc.io = &io;
    for (i = 0; i < sizeof modes / sizeof *modes; i++) {
        scene s = {"", SAVE, "scan.nii", 0, {0}, {0}, 0};
        begin(&s, &after);
        most = modes[i];
        CHECK(chmod(G.path, most) == 0);
        if (geteuid() == 0) CHECK(chown(G.path, 1234, 4321) == 0);
        if (most == 0400) most = 0600; /* the owner writes */
        watched = 0;
        CHECK_OK(mv_save(T, &G.source, G.path, NULL));
        CHECK(watched == 2 && stat(G.path, &info) == 0 && (info.st_mode & 07777) == modes[i]);
        if (geteuid() == 0) CHECK(info.st_uid == 1234 && info.st_gid == 4321);
        remove(G.path); /* a new file: what the umask leaves */
        umask(most = i % 2 ? 077 : 027);
        most = 0666 & ~most;
        CHECK_OK(mv_save(T, &G.source, G.path, NULL));
        CHECK(stat(G.path, &info) == 0 && (info.st_mode & 07777) == most);
        umask(0);
        finish(&after);
    }
    umask(was);
    T->desc.io = T_IO;
}
static void test_orphans(void) { /* names left by a process that had our number */
    scene s = {"", SAVE, "scan.hdr", 0, {0}, {0}, 0};
    content orphan;
    mv_volume after;
    char name[4][100];
    int k;
    make_folder();
    begin(&s, &after);
    orphan.p = (unsigned char *)"orphan", orphan.n = 6;
    for (k = 0; k < 4; k++) {
        snprintf(name[k], sizeof name[k], FOLDER ".scan.%s.mvtmp.%lu.%d", k < 2 ? "hdr" : "img",
            (unsigned long)getpid(), k & 1);
        put(name[k], orphan);
    }
    CHECK_OK(mv_save(T, &G.source, G.path, NULL));
    CHECK(holds(G.file[0], G.fresh[0]) && holds(G.file[1], G.fresh[1]));
    for (k = 0; k < 4; k++) CHECK(holds(name[k], orphan));
    CHECK(temps(1) == 4);
    finish(&after);
}
#endif
#ifdef IOFAULT_CALLS
static void test_calls(void) { /* more threads only where they read */
    int k, threads;
    make_folder();
    for (k = 0; k < SCENES; k++)
        for (threads = 1; threads <= (scenes[k].special & LARGE ? 5 : 1); threads += 2) {
            mv_volume after;
            mv_ctx c;
            if (scenes[k].without || in_vain(&scenes[k])) continue;
            c = context(threads, NULL);
            begin(&scenes[k], &after);
            F.calls = 1;
            exercise(&c, call_ways, sizeof call_ways / sizeof *call_ways);
            F.calls = 0;
            finish(&after);
            mv_ctx_free(&c);
            operations++;
        }
}
static void test_call_kills(void) { kill_all(NULL); }
static void test_group(void) { /* the file belongs to others: handed over, or closed to the wrong group */
    static const mode_t modes[][2] = {{0640, 0600}, {0664, 0644}, {0600, 0600}, {0646, 0666}};
    static const way refused = {EPERM, BIT(K_FCHOWN), MEDVOL_OK};
    struct stat info;
    mv_volume after;
    size_t i;
    int fails;
    make_folder();
    for (i = 0; i < sizeof modes / sizeof *modes; i++)
        for (fails = 0; fails < 2; fails++) {
            scene s = {"", SAVE, "scan.nii", 0, {0}, {0}, 0};
            begin(&s, &after);
            CHECK(chmod(G.path, modes[i][0]) == 0);
            F.calls = F.foreign = 1;
            F.w = refused, F.at = fails, F.forever = 1;
            F.on = 1;
            CHECK_OK(mv_save(T, &G.source, G.path, NULL));
            F.on = F.calls = 0;
            CHECK(F.foreign == (fails ? 3 : 2));
            CHECK(!fails == !F.hit && stat(G.path, &info) == 0 && (info.st_mode & 07777) == modes[i][fails]);
            F.foreign = 0;
            finish(&after);
        }
}
static void test_no_input(void) { /* without a standard input a file may be number 0 */
    int keep = dup(0);
    size_t k;
    mv_volume after, v;
    make_folder();
    for (k = 0; k < sizeof scenes / sizeof *scenes; k++) {
        mv_status st;
        if (in_vain(&scenes[k])) continue;
        begin(&scenes[k], &after);
        memset(&v, 0, sizeof v);
        if (scenes[k].special & INTO) CHECK_OK(mv_volume_alloc(T, &v, MEDVOL_F32, G.want.ndim, G.want.dim));
        close(0);
        F.calls = F.on = 1;
        st = act(&scenes[k], T, &v);
        F.on = 0;
        CHECK(st == MEDVOL_OK && F.step > 0 && F.handles == 0);
        mv_volume_free(T, &v);
        F.calls = 0;
        if (keep >= 0) CHECK(dup2(keep, 0) == 0);
        finish(&after);
    }
    if (keep >= 0) close(keep);
}
/* a folder is flushed, however long its path or without one; that it cannot be is no failure */
static void test_deep(void) {
    static const way refused = {EIO, BIT(K_FOLDER), MEDVOL_OK};
    char path[2000] = FOLDER, name[201];
    size_t end[8], n = strlen(path);
    int k;
    mv_volume after;
    make_folder();
    begin(&scenes[0], &after);
    memset(name, 'd', 200), name[200] = 0;
    for (k = 0; k < 8; k++) {
        end[k] = n;
        n += (size_t)snprintf(path + n, sizeof path - n, "%s/", name);
        CHECK(mkdir(path, 0777) == 0 || errno == EEXIST);
    }
    strcpy(path + n, "scan.nii");
    F.calls = F.on = 1;
    F.w = refused, F.at = 1, F.forever = 1;
    CHECK_OK(mv_save(T, &after, path, NULL));
    F.on = F.calls = 0;
    CHECK(F.hit == BIT(K_FOLDER));
    CHECK(remove(path) == 0);
    F.hit = 0; /* a name alone: the current folder */
    k = open(".", O_RDONLY);
    CHECK(k >= 0 && chdir(FOLDER) == 0);
    F.calls = F.on = 1;
    CHECK_OK(mv_save(T, &after, "alone.nii", NULL));
    F.on = F.calls = 0;
    CHECK(F.hit == BIT(K_FOLDER) && remove("alone.nii") == 0);
    CHECK(fchdir(k) == 0 && close(k) == 0);
    k = 8;
    for (path[n] = 0; k-- > 0; path[end[k]] = 0) CHECK(rmdir(path) == 0);
    finish(&after);
}
#endif
static void test_sums(void) {
    unsigned all_kinds = HOOKS;
#ifdef IOFAULT_CALLS
    all_kinds = ANY;
#endif
    if (!DISK->map) all_kinds &= ~BIT(K_MAP);
    if (!DISK->resolve) all_kinds &= ~BIT(K_RESOLVE);
    if (!DISK->link) all_kinds &= ~BIT(K_LINK);
    if (!DISK->protect) all_kinds &= ~BIT(K_PROTECT);
    CHECK(seen == 0 || seen == all_kinds); /* every kind of step failed; 0: only this case was asked for */
    if (all()) printf("%ld operations, %ld steps failed, %ld kills\n", operations, failed_steps, kills);
}

const t_case tests_iofault[] = {
    {"hooks", test_hooks, T_ONCE},
    {"optional", test_optional, T_ONCE},
    {"kills", T_POSIX(test_kills), T_ONCE},
    {"permissions", T_POSIX(test_permissions), T_ONCE},
    {"orphans", T_POSIX(test_orphans), T_ONCE},
#ifdef IOFAULT_CALLS
    {"calls", test_calls, T_ONCE},
    {"call_kills", test_call_kills, T_ONCE},
    {"group", test_group, T_ONCE},
    {"no_input", test_no_input, T_ONCE},
    {"deep", test_deep, T_ONCE},
#endif
    {"sums", test_sums, T_ONCE},
    {NULL, NULL, 0},
};
