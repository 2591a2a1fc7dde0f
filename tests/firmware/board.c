/* board.c - the tests as firmware: vectors and start-up of a Cortex-M7, newlib's heap, the command line, and
   files for the library, which is built without any, as mv_io hooks over newlib's semihosting. */
#define _DEFAULT_SOURCE 1
#include "../test.h"
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- the machine ---- */
extern char stack_top[], bss_begin[], bss_end[], heap_end[]; /* link.ld */
void initialise_monitor_handles(void);                      /* of newlib: its standard files */
int _rename(const char *from, const char *to);              /* rename() would make a link, which it cannot */
int main(int argc, char **argv);

enum { SYS_WRITE0 = 0x04, SYS_GET_CMDLINE = 0x15, SYS_EXIT_EXTENDED = 0x20, RUN_TIME_ERROR = 0x20023 };
static int host(int call, const void *argument) {
    register int r0 __asm__("r0") = call;
    register const void *r1 __asm__("r1") = argument;
    __asm__ volatile("bkpt 0xab" : "+r"(r0) : "r"(r1) : "memory");
    return r0;
}
static void start(void) {
    static char line[1024], *argv[64];
    struct {
        char *text;
        size_t bytes;
    } command = {line, sizeof line};
    int argc = 0;
    char *p;
    initialise_monitor_handles();
    if (host(SYS_GET_CMDLINE, &command) == 0)
        for (p = strtok(line, " "); p && argc < 63; p = strtok(NULL, " ")) argv[argc++] = p;
    exit(main(argc, argv));
}
void reset(void) {
    volatile uint32_t *const cpacr = (uint32_t *)0xe000ed88, *const mpu = (uint32_t *)0xe000ed90;
    *cpacr |= 0xf00000; /* the FPU */
    mpu[3] = 0x10, mpu[4] = 0x06000000 | 21 << 1 | 1; /* the first 4 MiB, the program, are read-only, */
    mpu[3] = 0x11, mpu[4] = 0x10000000 | 11 << 1 | 1; /* and 4 KiB around the null pointer not to be read */
    mpu[1] = 5;
    __asm__ volatile("dsb\n\tisb" : : : "memory");
    memset(bss_begin, 0, (size_t)(bss_end - bss_begin));
    start();
}
static void fault(void) { /* any exception */
    static const uint32_t stop[2] = {RUN_TIME_ERROR, 70};
    host(SYS_WRITE0, "fault: bad address, stack overflow or unknown instruction\n");
    host(SYS_EXIT_EXTENDED, stop);
    for (;;) {}
}
__attribute__((section(".vectors"), used)) static const struct {
    char *stack;
    void (*handler[15])(void);
} vectors = {stack_top, {reset, fault, fault, fault, fault, fault}};

void _fini(void) {} /* nothing to take down */
void *_sbrk(ptrdiff_t n) {
    static char *top = bss_end;
    if (n > heap_end - top) {
        errno = ENOMEM;
        return (void *)-1;
    }
    return (top += n) - n;
}

/* ---- files; no links, permissions or flushing, which semihosting has no call for ---- */
static int status(void) {
    switch (errno) {
        case ENOENT: return MEDVOL_E_NOTFOUND;
        case EACCES: return MEDVOL_E_ACCESS;
        case EEXIST: return MEDVOL_E_EXISTS;
        case ENOSPC: return MEDVOL_E_FULL;
        default: return MEDVOL_E_IO;
    }
}
static int file_open(void *user, const char *path, int mode, void **file) {
    int fd = open(path, mode == MEDVOL_IO_READ ? O_RDONLY : O_WRONLY | O_CREAT | O_EXCL, 0666);
    (void)user;
    if (fd < 0) return status();
    *file = (void *)(intptr_t)(fd + 1);
    return 0;
}
static int fd_of(void *file) { return (int)(intptr_t)file - 1; }
static int file_size(void *user, void *file, uint64_t *bytes) {
    struct stat info;
    (void)user;
    if (fstat(fd_of(file), &info) != 0) return status();
    *bytes = (uint64_t)info.st_size;
    return 0;
}
static int64_t file_read(void *user, void *file, uint64_t offset, void *dst, size_t n) {
    ssize_t k;
    (void)user;
    if (offset > INT32_MAX || lseek(fd_of(file), (off_t)offset, SEEK_SET) < 0) return MEDVOL_E_IO;
    k = read(fd_of(file), dst, n);
    return k < 0 ? status() : k;
}
static int64_t file_write(void *user, void *file, const void *src, size_t n) {
    ssize_t k = write(fd_of(file), src, n);
    (void)user;
    return k < 0 ? status() : k;
}
static int file_close(void *user, void *file) {
    (void)user;
    return close(fd_of(file)) == 0 ? 0 : status();
}
static int file_rename(void *user, const char *from, const char *to) {
    (void)user;
    return _rename(from, to) == 0 ? 0 : status();
}
static int file_remove(void *user, const char *path) {
    (void)user;
    return unlink(path) == 0 ? 0 : status();
}
static int file_map(void *user, void *file, uint64_t bytes, void **address) { /* a copy of one's own */
    size_t at = 0, n = (size_t)bytes;
    char *p = n == bytes ? (char *)malloc(n) : NULL;
    if (!p) return MEDVOL_E_NOMEM;
    while (at < n) {
        int64_t k = file_read(user, file, at, p + at, n - at);
        if (k <= 0) {
            free(p);
            return k < 0 ? (int)k : MEDVOL_E_ACCESS; /* longer than the file */
        }
        at += (size_t)k;
    }
    *address = p;
    return 0;
}
static void file_unmap(void *user, void *address, uint64_t bytes) {
    (void)user;
    (void)bytes;
    free(address);
}
static void *take(void *user, size_t n) { return (void)user, malloc(n); }
static void give(void *user, void *p) { (void)user, free(p); }

const mv_io t_files = {NULL, file_open, file_size, file_read, file_write, NULL, file_close, file_rename,
    file_remove, NULL, file_map, file_unmap, NULL, NULL, NULL};
mv_ctx t_none = {{0, 0, take, give, NULL, NULL, NULL, NULL, NULL, NULL, NULL, &t_files, {0}}, {0}, 0, 0, NULL};
