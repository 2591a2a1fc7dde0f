/* msan_stat.c - for the tests under MemorySanitizer (tests/sanitize.sh): clang 14 does not know that stat64,
   fstat64 and lstat64, functions of the library from glibc 2.33 on, fill the struct. Linked with --wrap. */
#define _GNU_SOURCE 1
#include <sanitizer/msan_interface.h>
#include <sys/stat.h>

#define WRAP(name, TYPE)                                   \
    int __real_##name(TYPE file, struct stat64 *info);     \
    int __wrap_##name(TYPE file, struct stat64 *info);     \
    int __wrap_##name(TYPE file, struct stat64 *info) {    \
        int r = __real_##name(file, info);                 \
        if (r == 0) __msan_unpoison(info, sizeof *info);   \
        return r;                                          \
    }
WRAP(stat64, const char *)
WRAP(lstat64, const char *)
WRAP(fstat64, int)
