/* example.h - what medvol's programs share: options, error lines and exit codes, a progress bar, timing
   against the speed of this machine's memory, a head to work on, and pictures in the terminal. POSIX and
   Windows, no packages.

   Every program builds alone,
       cc -O2 examples/profile_flip.c -lm -lpthread
   or linked to an object that holds the implementation, as make does:
       cc -O2 -DMEDVOL_LINKED examples/profile_flip.c build/medvol.o -lm -lpthread */
#ifndef EXAMPLE_H
#define EXAMPLE_H
#if !defined(_DEFAULT_SOURCE) && !defined(_GNU_SOURCE)
#  define _DEFAULT_SOURCE 1
#endif
#ifdef _WIN32
#  define _CRT_SECURE_NO_WARNINGS
#  define NOMINMAX
#  include <windows.h>
#  include <io.h>
#  include <psapi.h>
#else
#  include <sys/ioctl.h>
#  include <sys/resource.h>
#  include <sys/time.h>
#  include <time.h>
#  include <unistd.h>
#endif
#ifndef MEDVOL_LINKED
#  define MEDVOL_IMPLEMENTATION
#endif
#include "../medvol.h"
#include <math.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#if defined(__x86_64__) || defined(_M_X64)
#  include <immintrin.h>
#endif
#if defined(__GNUC__) || defined(__clang__)
#  define EX_FN static __attribute__((unused))
#  define EX_PRINTF(a, b) __attribute__((format(printf, a, b)))
#  define EX_LAST __attribute__((noreturn))
#else
#  define EX_FN static
#  define EX_PRINTF(a, b)
#  define EX_LAST
#endif

/* ---- the machine ---- */
EX_FN double ex_now(void) { /* seconds */
#ifdef _WIN32
    LARGE_INTEGER t, f;
    QueryPerformanceCounter(&t);
    QueryPerformanceFrequency(&f);
    return (double)t.QuadPart / (double)f.QuadPart;
#else
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
#endif
}
/* seconds of all this process's threads; elsewhere than on POSIX the clock */
EX_FN double ex_cpu_time(void) {
#ifdef _WIN32
    return ex_now();
#else
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
#endif
}
EX_FN double ex_peak_mb(void) { /* the most memory this process ever held */
#ifdef _WIN32
    PROCESS_MEMORY_COUNTERS m;
    if (!K32GetProcessMemoryInfo(GetCurrentProcess(), &m, sizeof m)) return 0.0;
    return (double)m.PeakWorkingSetSize * 1e-6;
#else
    struct rusage r;
    getrusage(RUSAGE_SELF, &r);
#  ifdef __APPLE__
    return (double)r.ru_maxrss * 1e-6;
#  else
    return (double)r.ru_maxrss * 1024e-6;
#  endif
#endif
}
EX_FN int ex_tty(FILE *f) {
#ifdef _WIN32
    DWORD mode;
    HANDLE h = (HANDLE)_get_osfhandle(_fileno(f));
    if (!_isatty(_fileno(f)) || !GetConsoleMode(h, &mode)) return 0;
    SetConsoleOutputCP(65001);
    return SetConsoleMode(h, mode | 4) != 0; /* understand escape codes */
#else
    const char *term = getenv("TERM");
    return isatty(fileno(f)) && term && strcmp(term, "dumb") != 0;
#endif
}
EX_FN void ex_window(int *columns, int *lines) {
    *columns = 80;
    *lines = 24;
#ifdef _WIN32
    {
        CONSOLE_SCREEN_BUFFER_INFO b;
        if (!GetConsoleScreenBufferInfo(GetStdHandle(STD_OUTPUT_HANDLE), &b)) return;
        *columns = b.srWindow.Right - b.srWindow.Left + 1;
        *lines = b.srWindow.Bottom - b.srWindow.Top + 1;
    }
#else
    {
        struct winsize w;
        if (ioctl(2, TIOCGWINSZ, &w) != 0 && ioctl(1, TIOCGWINSZ, &w) != 0) return;
        if (w.ws_col > 0) *columns = w.ws_col;
        if (w.ws_row > 0) *lines = w.ws_row;
    }
#endif
}
EX_FN int ex_utf8(void) {
#ifdef _WIN32
    return 1;
#else
    const char *s = getenv("LC_ALL");
    if (!s || !*s) s = getenv("LC_CTYPE");
    if (!s || !*s) s = getenv("LANG");
    return s && (strstr(s, "UTF-8") || strstr(s, "utf8") || strstr(s, "UTF8") || strstr(s, "utf-8"));
#endif
}
EX_FN const char *ex_cpu(void) {
    static char name[128] = "unknown CPU";
    char line[256];
    FILE *f = fopen("/proc/cpuinfo", "r");
    while (f && fgets(line, sizeof line, f))
        if (!strncmp(line, "model name", 10) && strchr(line, ':')) {
            snprintf(name, sizeof name, "%.120s", strchr(line, ':') + 2);
            name[strcspn(name, "\n")] = 0;
            break;
        }
    if (f) fclose(f);
    return name;
}

/* ---- a program: options, messages, exit codes ---- */
/* 0 done, 1 a check failed, 2 usage, 3 cannot read, 4 malformed file, 5 cannot write, 6 memory or a limit, 7
   impossible numbers, 9 not supported, 130 cancelled. */
enum { EX_CHECK = 1, EX_USAGE = 2, EX_READ = 3, EX_MALFORMED = 4, EX_WRITE = 5, EX_MEMORY = 6, EX_NUMERIC = 7,
       EX_UNSUPPORTED = 9, EX_CANCELLED = 130 };
enum { EX_ROWS_MAX = 4096 };
typedef struct ex {
    const char *program, *usage;
    int argc;
    char **argv;
    mv_ctx ctx;
    int json, quiet, large, no_floor, cpu_time, iterations;
    size_t size;
    const char *input;
    double budget; /* seconds a row may take */
    /* the row being timed */
    const char *op;
    char shape[64], dtype[16];
    double bytes, begin, spent, floor_bytes[5], time[EX_ROWS_MAX], floor_time[EX_ROWS_MAX];
    int n, rows;
    mv_volume floor_a, floor_b;
    size_t floor_at; /* first float of them that a floor uses */
    int copy_kind;
    double copy_kind_bytes;
} ex;

EX_FN void ex_bar_clear(void);
EX_PRINTF(3, 4) EX_LAST EX_FN void ex_quit(ex *e, int code, const char *fmt, ...) {
    va_list ap;
    ex_bar_clear();
    fprintf(stderr, "%s: ", e->program);
    va_start(ap, fmt);
    vfprintf(stderr, fmt, ap);
    va_end(ap);
    fprintf(stderr, "\n");
    if (code == EX_USAGE) fprintf(stderr, "hint: %s --help lists the options\n", e->program);
    exit(code);
}
/* Leave with the context's message, which names the file and the field, when a call failed. */
EX_FN void ex_ok(ex *e, mv_status st, int writing) {
    int code = writing ? EX_WRITE : EX_READ;
    const char *hint = NULL;
    if (st >= 0) return;
    switch (st) {
        case MEDVOL_E_CANCELLED: code = EX_CANCELLED; break;
        case MEDVOL_E_NOTFOUND: hint = writing ? "the folder must exist" : NULL; break;
        case MEDVOL_E_FORMAT: case MEDVOL_E_CORRUPT: case MEDVOL_E_TRUNCATED: code = EX_MALFORMED; break;
        case MEDVOL_E_NOMEM: case MEDVOL_E_LIMIT:
            code = EX_MEMORY;
            hint = "a smaller volume or a coarser spacing needs less memory";
            break;
        case MEDVOL_E_SIZE: code = writing ? EX_WRITE : EX_UNSUPPORTED; break; /* too many, or too few */
        case MEDVOL_E_SINGULAR: case MEDVOL_E_EMPTY: code = EX_NUMERIC; break;
        case MEDVOL_E_UNSUPPORTED: case MEDVOL_E_DTYPE: code = EX_UNSUPPORTED; break;
        case MEDVOL_E_RANGE:
        case MEDVOL_E_SHAPE:
        case MEDVOL_E_NULL:
        case MEDVOL_E_ALIAS: code = EX_USAGE; break;
        default: break;
    }
    ex_bar_clear();
    fprintf(stderr, "%s: %s\n", e->program, mv_message(&e->ctx));
    if (hint) fprintf(stderr, "hint: %s\n", hint);
    exit(code);
}
#define EX_OK(call) ex_ok(e, (call), 0)
#define EX_SAVED(call) ex_ok(e, (call), 1)
#define EX_EXPECT(e, x, what)                                                                                \
    do {                                                                                                     \
        if (!(x)) ex_quit(e, EX_CHECK, "check failed: %s", what);                                            \
    } while (0)
/* Stands in argv where a word was taken, so that "--out --quiet x" does not make x the value of --out. */
static char ex_taken[] = "";
EX_FN int ex_flag(ex *e, const char *name) { /* is the option there? */
    int i, found = 0;
    for (i = 1; i < e->argc; i++)
        if (!strcmp(e->argv[i], name)) e->argv[i] = ex_taken, found = 1;
    return found;
}
/* The word behind an option, or NULL; the last one counts, so that a script's own can be overruled. */
EX_FN const char *ex_text(ex *e, const char *name) {
    const char *s = NULL;
    int i;
    for (i = 1; i < e->argc; i++) {
        if (strcmp(e->argv[i], name) != 0) continue;
        s = e->argv[i + 1];
        if (!s || s == ex_taken || !strncmp(s, "--", 2))
            ex_quit(e, EX_USAGE, "%s: a value must follow", name);
        e->argv[i] = e->argv[i + 1] = ex_taken;
    }
    return s;
}
/* What names of files begin with, or NULL. Their endings find room in 1024 bytes. */
EX_FN const char *ex_prefix(ex *e, const char *option) {
    const char *s = ex_text(e, option);
    if (s && (!*s || strlen(s) > 990)) ex_quit(e, EX_USAGE, "%s: must be 1..990 bytes", option);
    return s;
}
/* PATH without folders and endings, with room for what comes behind it: "a/t1.nii.gz" gives "t1" */
EX_FN void ex_stem(char *out, size_t size, const char *path) {
    const char *base = path, *s, *dot;
    size_t n;
    for (s = path; *s; s++)
        if (*s == '/' || *s == '\\') base = s + 1;
    n = strlen(base);
    if (n > 3 && !strcmp(base + n - 3, ".gz")) n -= 3;
    for (dot = base + n; dot > base && *--dot != '.';) {}
    if (dot > base && (size_t)(dot - base) + 5 >= n) n = (size_t)(dot - base);
    snprintf(out, size, "%.*s", (int)n, base);
}
/* The number of the word behind an option among `names`, 0 without it. */
EX_FN int ex_choice(ex *e, const char *option, const char *const *names, int count) {
    const char *s = ex_text(e, option);
    int k;
    for (k = 0; s && k < count; k++)
        if (!strcmp(s, names[k])) return k;
    if (s) ex_quit(e, EX_USAGE, "%s = %s: no such choice", option, s);
    return 0;
}
EX_FN int ex_ends(const char *s, const char *end) {
    const size_t n = strlen(s), m = strlen(end);
    return n >= m && !strcmp(s + n - m, end);
}
EX_FN double ex_parse(ex *e, const char *name, const char *s, double lo, double hi) {
    char *end;
    double x = strtod(s, &end);
    if (end == s || *end || !(x >= lo && x <= hi))
        ex_quit(e, EX_USAGE, "%s = %s; must be %g..%g", name, s, lo, hi);
    return x;
}
EX_FN double ex_parse_whole(ex *e, const char *name, const char *s, double lo, double hi) {
    const double x = ex_parse(e, name, s, lo, hi);
    if (x != floor(x)) ex_quit(e, EX_USAGE, "%s = %s; must be a whole number", name, s);
    return x;
}
EX_FN double ex_number(ex *e, const char *name, double standard, double lo, double hi) {
    const char *s = ex_text(e, name);
    return s ? ex_parse(e, name, s, lo, hi) : standard;
}
EX_FN double ex_whole(ex *e, const char *name, double standard, double lo, double hi) {
    const char *s = ex_text(e, name);
    return s ? ex_parse_whole(e, name, s, lo, hi) : standard;
}
EX_FN const char *ex_word(ex *e) { /* the next word that is no option, or NULL */
    const char *s;
    int i;
    for (i = 1; i < e->argc && e->argv[i] == ex_taken; i++) {}
    if (i >= e->argc) return NULL;
    s = e->argv[i];
    if (s[0] == '-' && s[1]) ex_quit(e, EX_USAGE, "%s: no such option", s);
    e->argv[i] = ex_taken;
    return s;
}
EX_FN void ex_no_more(ex *e) {
    const char *s = ex_word(e);
    if (s) ex_quit(e, EX_USAGE, "%s: not understood", s);
}

/* ---- progress: one line on a terminal, after 0.4 s, ten times a second, erased at the end. Ctrl-C cancels
   through the callback, so that no half file stays; a second one kills. ---- */
static volatile sig_atomic_t ex_stop;
static struct {
    int on, shown;
    double start, last, rate;
    const char *label;
    double label_start;
} ex_bar;
static void ex_on_stop(int sig) {
    ex_stop = 1;
    signal(sig, SIG_DFL);
}
EX_FN void ex_bar_clear(void) {
    if (ex_bar.shown) fprintf(stderr, "\r\x1b[K\x1b[?7h");
    ex_bar.shown = 0;
    ex_bar.start = 0;
}
EX_FN void ex_bar_draw(double part, const char *label, double now) {
    static const char *const eighth[8] = {" ", "\xe2\x96\x8f", "\xe2\x96\x8e", "\xe2\x96\x8d",
        "\xe2\x96\x8c", "\xe2\x96\x8b", "\xe2\x96\x8a", "\xe2\x96\x89"};
    int columns, lines, width, i, utf8 = ex_utf8();
    double took = now - ex_bar.label_start, left;
    ex_window(&columns, &lines);
    width = columns - (int)strlen(label) - 24;
    width = width > 40 ? 40 : width;
    fprintf(stderr, "\r\x1b[?7l%s %s", label, utf8 ? "\xe2\x96\x95" : "[");
    for (i = 0; i < width; i++) {
        double share = part * width - i;
        if (share >= 1.0) fputs(utf8 ? "\xe2\x96\x88" : "#", stderr);
        else fputs(utf8 && share > 0.0 ? eighth[(int)(share * 8.0)] : " ", stderr);
    }
    fprintf(stderr, "%s %3.0f %%", utf8 ? "\xe2\x96\x8f" : "]", 100.0 * part);
    if (part > 0.05 && took > 0.0) { /* the rate is smoothed, so that the estimate does not jump */
        ex_bar.rate = ex_bar.rate > 0.0 ? 0.8 * ex_bar.rate + 0.2 * part / took : part / took;
        left = (1.0 - part) / ex_bar.rate;
        fprintf(stderr, "  %d:%02d left", (int)(left / 60.0), (int)left % 60);
    }
    fprintf(stderr, "\x1b[K\x1b[?7h");
    fflush(stderr);
    ex_bar.shown = 1;
}
EX_FN int ex_progress(void *user, double done, double total, const char *label) {
    double now;
    (void)user;
    if (ex_stop) return 1;
    if (!ex_bar.on) return 0;
    now = ex_now();
    if (ex_bar.start <= 0.0) ex_bar.start = now;
    if (label != ex_bar.label) {
        ex_bar.label = label;
        ex_bar.label_start = now;
        ex_bar.rate = 0.0;
    }
    if (now - ex_bar.start < 0.4 || now - ex_bar.last < 0.1 || !(total > 0.0)) return 0;
    ex_bar.last = now;
    ex_bar_draw(done < total ? done / total : 1.0, label, now);
    return 0;
}

/* What was said came out: a full disk behind stdout must not look like success. */
EX_FN void ex_said(ex *e) {
    if (fflush(stdout) != 0 || ferror(stdout)) ex_quit(e, EX_WRITE, "standard output: cannot be written");
}
/* Options that all programs have, the context, Ctrl-C. */
EX_FN void ex_init(ex *e, int argc, char **argv, const char *program, const char *usage) {
    mv_ctx_desc desc;
    memset(e, 0, sizeof *e);
    e->program = program;
    e->usage = usage;
    e->argc = argc;
    e->argv = argv;
    if (ex_flag(e, "--help") || ex_flag(e, "-h")) {
        printf("%s", usage);
        ex_said(e);
        exit(0);
    }
    memset(&desc, 0, sizeof desc);
    desc.threads = (int)ex_whole(e, "--threads", 0.0, 0.0, 1024.0);
    desc.progress = ex_progress;
    mv_level_force((int)ex_whole(e, "--level", 0.0, 0.0, 4.0));
    e->quiet = ex_flag(e, "--quiet") | ex_flag(e, "-q");
    e->json = ex_flag(e, "--json");
    e->cpu_time = ex_flag(e, "--cpu-time");
    e->budget = 1e9;
    ex_ok(e, mv_ctx_init(&e->ctx, &desc), 0);
    ex_bar.on = !e->quiet && ex_tty(stderr);
    signal(SIGINT, ex_on_stop);
}
EX_FN void ex_free(ex *e) {
    mv_volume_free(&e->ctx, &e->floor_a);
    mv_volume_free(&e->ctx, &e->floor_b);
    mv_ctx_free(&e->ctx);
    ex_said(e);
}
/* A path for a temporary file, which is removed at the end, however the program ends; the same name gives the
   same path. */
static char ex_temp_path[16][512];
static void ex_temp_remove(void) {
    int i;
    for (i = 0; i < 16; i++)
        if (ex_temp_path[i][0]) remove(ex_temp_path[i]);
}
EX_FN const char *ex_temp(const char *name) {
    char(*path)[512] = ex_temp_path;
    const char *dir = getenv("TMPDIR");
    char want[512];
    int i;
#ifdef _WIN32
    unsigned long id = GetCurrentProcessId();
    if (!dir || !*dir) dir = getenv("TEMP");
#else
    unsigned long id = (unsigned long)getpid();
    if (!dir || !*dir) dir = "/tmp";
#endif
    if (!dir || !*dir || strlen(dir) > 400) dir = ".";
    snprintf(want, sizeof want, "%s/medvol-%lu-%s", dir, id, name);
    if (!path[0][0]) atexit(ex_temp_remove);
    for (i = 0; i < 15 && path[i][0] && strcmp(path[i], want) != 0; i++) {}
    memcpy(path[i], want, sizeof want);
    return path[i];
}

/* ---- a head to work on: ellipsoids in mm (RAS), exact at any resolution and orientation, with noise ---- */
typedef struct ex_ellipsoid {
    double centre[3], radius[3], value;
} ex_ellipsoid;
enum { EX_FOLDS = 240, EX_HEAD_MAX = 3 * EX_FOLDS + 40 };
typedef struct ex_head {
    int n;
    ex_ellipsoid e[EX_HEAD_MAX]; /* later ones lie on top */
} ex_head;
static void ex_head_add(
    ex_head *h, double x, double y, double z, double rx, double ry, double rz, double value) {
    ex_ellipsoid *e = &h->e[h->n++];
    e->centre[0] = x, e->centre[1] = y, e->centre[2] = z;
    e->radius[0] = rx, e->radius[1] = ry, e->radius[2] = rz;
    e->value = value;
}
/* Folds: balls spread evenly over a hemisphere's surface, at a share of its radii, every other one of
   `which`. */
static void ex_head_folds(ex_head *h, double side, double share, double radius, double value, int which) {
    int i;
    for (i = which; i < EX_FOLDS; i += 2) {
        double z = 1.0 - (2.0 * i + 1.0) / EX_FOLDS, r = sqrt(1.0 - z * z), a = 2.39996323 * i;
        ex_head_add(h, side * 33 + 31 * share * r * cos(a), -2 + 82 * share * r * sin(a), 6 + 67 * share * z,
            radius * 0.8, radius * 1.2, radius * 1.2, value);
    }
}
static void ex_head_make(ex_head *h) { /* scalp, skull, water 190, grey 420, white 640 */
    int s;
    h->n = 0;
    ex_head_add(h, 0, 98, -22, 9, 14, 17, 480);
    ex_head_add(h, 0, 0, 0, 78, 98, 90, 520);
    ex_head_add(h, 0, 0, 2, 71, 91, 83, 60);
    ex_head_add(h, 0, 0, 3, 67, 87, 78, 190);
    for (s = -1; s <= 1; s += 2) {
        ex_head_add(h, s * 33, -2, 6, 31, 82, 67, 420);
        ex_head_add(h, s * 31, -2, 8, 22, 67, 52, 640);
        ex_head_folds(h, s, 0.83, 6.0, 640, 0);
        ex_head_folds(h, s, 0.78, 5.0, 420, 1);
        ex_head_folds(h, s, 0.95, 4.5, 190, 1);
    }
    ex_head_add(h, 0, 4, 16, 20, 40, 9, 640); /* corpus callosum, ventricles, thalami */
    ex_head_add(h, 0, 4, 8, 14, 30, 8, 560);
    for (s = -1; s <= 1; s += 2) {
        ex_head_add(h, s * 12, 6, 12, 5, 26, 11, 110);
        ex_head_add(h, s * 16, 4, 0, 8, 15, 9, 470);
        ex_head_add(h, s * 22, -52, -42, 24, 22, 18, 430); /* cerebellum */
        ex_head_add(h, s * 18, -48, -42, 13, 12, 9, 600);
        ex_head_add(h, s * 32, 72, -26, 13, 14, 13, 130); /* eyes */
    }
    ex_head_add(h, 0, -2, 0, 3, 12, 10, 110);
    ex_head_add(h, 0, -30, -40, 13, 13, 36, 600);
    ex_head_add(h, 41, -36, 34, 8, 9, 7, 900); /* a bright spot: right, posterior, superior */
}
typedef struct ex_head_job {
    mv_volume *v;
    const ex_head *head;
    double noise;
} ex_head_job;
static uint64_t ex_hash(uint64_t z) { /* splitmix64, Steele et al. 2014 */
    z = (z + 1) * 0x9e3779b97f4a7c15u;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}
static void ex_head_slice(void *arg, size_t k) {
    const ex_head_job *job = (const ex_head_job *)arg;
    mv_volume *v = job->v;
    float row[512];
    size_t i, j, x0, n, nx = v->dim[0];
    int c, m;
    for (j = 0; j < v->dim[1]; j++)
        for (x0 = 0; x0 < nx; x0 += 512) {
            double p[3], d[3];
            size_t at = x0 + nx * (j + v->dim[1] * k);
            n = nx - x0;
            if (n > 512) n = 512;
            for (i = 0; i < n; i++) row[i] = 0.0f;
            for (c = 0; c < 3; c++) {
                const double *a = v->affine + 4 * c;
                p[c] = a[0] * (double)x0 + a[1] * (double)j + a[2] * (double)k + a[3];
                d[c] = a[0];
            }
            for (m = 0; m < job->head->n; m++) { /* |(p + t d - centre) / radius| <= 1: from t0 to t1 */
                const ex_ellipsoid *o = &job->head->e[m];
                double a = 0.0, b = 0.0, q = -1.0, root, t0, t1;
                for (c = 0; c < 3; c++) {
                    double u = d[c] / o->radius[c], w = (p[c] - o->centre[c]) / o->radius[c];
                    a += u * u;
                    b += u * w;
                    q += w * w;
                }
                if (!(b * b - a * q > 0.0)) continue;
                root = sqrt(b * b - a * q);
                t0 = ceil((-b - root) / a);
                t1 = floor((-b + root) / a);
                for (i = (size_t)(t0 > 0.0 ? t0 : 0.0); i < n && (double)i <= t1; i++)
                    row[i] = (float)o->value;
            }
            for (i = 0; i < n; i++) { /* a sum of four bytes is near enough to a normal distribution */
                uint64_t h = ex_hash(at + i);
                double g = (double)((h & 255) + (h >> 8 & 255) + (h >> 16 & 255) + (h >> 24 & 255)) / 147.8 -
                    3.45;
                row[i] = (float)fabs(row[i] + job->noise * g);
            }
            mv_convert_array(
                NULL, (char *)v->data + at * mv_dtype_size(v->dtype), v->dtype, row, MEDVOL_F32, n, 0, 0);
        }
}
/* A new volume of nx x ny x nz voxels with the head in the middle. affine NULL: axes along RAS, 240 mm along
   x. noise: its standard deviation; white matter is 640. */
EX_FN void ex_make_head(ex *e, mv_volume *v, mv_dtype dtype, size_t nx, size_t ny, size_t nz,
    const double *affine, double noise) {
    static ex_head head;
    size_t dim[3];
    ex_head_job job;
    int r;
    dim[0] = nx, dim[1] = ny, dim[2] = nz;
    EX_OK(mv_volume_alloc(&e->ctx, v, dtype, 3, dim));
    if (affine) memcpy(v->affine, affine, sizeof v->affine);
    else
        for (r = 0; r < 3; r++) {
            v->affine[5 * r] = 240.0 / (double)nx;
            v->affine[4 * r + 3] = -0.5 * v->affine[5 * r] * (double)(dim[r] - 1);
        }
    ex_head_make(&head);
    job.v = v;
    job.head = &head;
    job.noise = noise;
    EX_OK(mv_parallel_for(&e->ctx, nz, ex_head_slice, &job, "head"));
}

/* ---- floors: how fast this machine moves the same bytes, on as many threads, beside the operation ---- */
static volatile float ex_one = 1.0f, ex_sink; /* what the compiler may not see through */
#if (defined(__GNUC__) || defined(__clang__)) && defined(__x86_64__)
#  define EX_FLOORS(SFX, TARGET, V, N, LOAD, STORE, STREAM, ADD, MUL, SET1)                                  \
    TARGET static float ex_read_##SFX(const float *s, size_t n) {                                            \
        V a = SET1(0.0f), b = a, c = a, d = a;                                                               \
        float out[N];                                                                                        \
        size_t i;                                                                                            \
        for (i = 0; i + 4 * N <= n; i += 4 * N) {                                                            \
            a = ADD(a, LOAD(s + i));                                                                         \
            b = ADD(b, LOAD(s + i + N));                                                                     \
            c = ADD(c, LOAD(s + i + 2 * N));                                                                 \
            d = ADD(d, LOAD(s + i + 3 * N));                                                                 \
        }                                                                                                    \
        STORE(out, ADD(ADD(a, b), ADD(c, d)));                                                               \
        return out[0];                                                                                       \
    }                                                                                                        \
    TARGET static void ex_copy_##SFX(float *d, const float *s, size_t n, int nt) {                           \
        size_t i;                                                                                            \
        if (nt)                                                                                              \
            for (i = 0; i + 2 * N <= n; i += 2 * N) {                                                        \
                V a = LOAD(s + i), b = LOAD(s + i + N);                                                      \
                STREAM(d + i, a);                                                                            \
                STREAM(d + i + N, b);                                                                        \
            }                                                                                                \
        else                                                                                                 \
            for (i = 0; i + 2 * N <= n; i += 2 * N) {                                                        \
                V a = LOAD(s + i), b = LOAD(s + i + N);                                                      \
                STORE(d + i, a);                                                                             \
                STORE(d + i + N, b);                                                                         \
            }                                                                                                \
        _mm_sfence();                                                                                        \
    }                                                                                                        \
    TARGET static void ex_scale_##SFX(float *d, size_t n) {                                                  \
        const V k = SET1(ex_one);                                                                            \
        size_t i;                                                                                            \
        for (i = 0; i + 2 * N <= n; i += 2 * N) {                                                            \
            V a = MUL(LOAD(d + i), k), b = MUL(LOAD(d + i + N), k);                                          \
            STORE(d + i, a);                                                                                 \
            STORE(d + i + N, b);                                                                             \
        }                                                                                                    \
    }                                                                                                        \
    TARGET static void ex_fill_##SFX(float *d, size_t n) {                                                   \
        const V k = SET1(1.5f);                                                                              \
        size_t i;                                                                                            \
        for (i = 0; i + N <= n; i += N) STREAM(d + i, k);                                                    \
        _mm_sfence();                                                                                        \
    }
EX_FLOORS(sse, , __m128, 4, _mm_loadu_ps, _mm_storeu_ps, _mm_stream_ps, _mm_add_ps, _mm_mul_ps, _mm_set1_ps)
EX_FLOORS(avx2, __attribute__((target("avx2"))), __m256, 8, _mm256_loadu_ps, _mm256_storeu_ps,
    _mm256_stream_ps, _mm256_add_ps, _mm256_mul_ps, _mm256_set1_ps)
EX_FLOORS(avx512, __attribute__((target("avx512f"))), __m512, 16, _mm512_loadu_ps, _mm512_storeu_ps,
    _mm512_stream_ps, _mm512_add_ps, _mm512_mul_ps, _mm512_set1_ps)
#  define EX_FLOOR(name, args)                                                                               \
    (mv_level() >= 4         ? ex_##name##_avx512 args                                                       \
            : mv_level() == 3 ? ex_##name##_avx2 args                                                        \
                              : ex_##name##_sse args)
#else
static float ex_read_c(const float *s, size_t n) {
    float a[16] = {0};
    size_t i, k;
    for (i = 0; i + 16 <= n; i += 16)
        for (k = 0; k < 16; k++) a[k] += s[i + k];
    return a[0] + a[7];
}
static void ex_copy_c(float *d, const float *s, size_t n, int nt) {
    (void)nt;
    memcpy(d, s, n * sizeof *d);
}
static void ex_scale_c(float *d, size_t n) {
    size_t i;
    for (i = 0; i < n; i++) d[i] *= ex_one;
}
static void ex_fill_c(float *d, size_t n) { memset(d, 1, n * sizeof *d); }
#  define EX_FLOOR(name, args) (ex_##name##_c args)
#endif
/* bytes read; read and written elsewhere; changed in place; */
enum { EX_F_READ, EX_F_COPY, EX_F_PLACE, EX_F_WRITE, EX_F_FILE };
enum { EX_COPY_LIBC, EX_COPY_PLAIN, EX_COPY_STREAM };             /* ... written; written to a new file */
typedef struct ex_floor_job {
    float *a, *b;
    size_t n;
    int kind, how;
} ex_floor_job;
static void ex_floor_piece(void *arg, size_t i) {
    const ex_floor_job *f = (const ex_floor_job *)arg;
    size_t at = i << 16, n = f->n - at < (size_t)1 << 16 ? f->n - at : (size_t)1 << 16;
    if (f->kind == EX_F_READ) ex_sink = EX_FLOOR(read, (f->a + at, n));
    else if (f->kind == EX_F_PLACE) EX_FLOOR(scale, (f->a + at, n));
    else if (f->kind == EX_F_WRITE && f->how == EX_COPY_STREAM) EX_FLOOR(fill, (f->b + at, n));
    else if (f->kind == EX_F_WRITE) memset(f->b + at, 1, n * sizeof(float));
    else if (f->how == EX_COPY_LIBC) memcpy(f->b + at, f->a + at, n * sizeof(float));
    else EX_FLOOR(copy, (f->b + at, f->a + at, n, f->how == EX_COPY_STREAM));
}
static double ex_tick(const ex *e) { return e->cpu_time ? ex_cpu_time() : ex_now(); }
static double ex_floor_file(ex *e, double bytes) {
    const char *path = ex_temp("floor");
    double t = ex_tick(e);
    FILE *f = fopen(path, "wb");
    if (f) setvbuf(f, NULL, _IONBF, 0);
    if (!f || fwrite(e->floor_a.data, 1, (size_t)bytes, f) != (size_t)bytes || fclose(f) != 0)
        ex_quit(e, EX_WRITE, "%s: cannot be written", path);
    t = ex_tick(e) - t;
    remove(path);
    return t;
}
/* Seconds to move that many bytes once. */
EX_FN double ex_floor_run(ex *e, int kind, int how, double bytes) {
    ex_floor_job f;
    double t;
    if (kind == EX_F_FILE) return ex_floor_file(e, bytes);
    f.a = (float *)e->floor_a.data + e->floor_at;
    f.b = (float *)e->floor_b.data + e->floor_at;
    f.n = ((size_t)bytes + 255) / 256 * 64;
    f.kind = kind;
    f.how = how;
    t = ex_tick(e);
    EX_OK(mv_parallel_for(&e->ctx, (f.n + 65535) >> 16, ex_floor_piece, &f, NULL));
    return ex_tick(e) - t;
}
EX_FN void ex_floor_room(ex *e, double bytes) { /* buffers of that size, every page touched */
    size_t n = ((size_t)bytes + 255) / 256 * 64, i;
    if (e->floor_a.data && e->floor_a.dim[0] >= n) return;
    mv_volume_free(&e->ctx, &e->floor_a);
    mv_volume_free(&e->ctx, &e->floor_b);
    EX_OK(mv_volume_alloc(&e->ctx, &e->floor_a, MEDVOL_F32, 1, &n));
    EX_OK(mv_volume_alloc(&e->ctx, &e->floor_b, MEDVOL_F32, 1, &n));
    for (i = 0; i < n; i++) ((float *)e->floor_a.data)[i] = ((float *)e->floor_b.data)[i] = 1.5f;
}
EX_FN int ex_floor_copy(ex *e, double bytes) { /* the fastest way to copy so many */
    double best = 1e9, t;
    int how, turn;
    if (e->copy_kind_bytes > 0.0 && bytes < 1.5 * e->copy_kind_bytes && bytes > e->copy_kind_bytes / 1.5)
        return e->copy_kind;
    for (turn = 0; turn < 4; turn++)
        for (how = 0; how < 3; how++)
            if ((t = ex_floor_run(e, EX_F_COPY, how, bytes)) < best && turn) {
                best = t;
                e->copy_kind = how;
            }
    e->copy_kind_bytes = bytes;
    return e->copy_kind;
}

/* ---- timing a row: for (ex_begin(e, ...); ex_more(e);) EX_OK(call); ---- */
static int ex_by_size(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}
EX_FN double ex_median(double *t, int n) { /* sorts t */
    qsort(t, (size_t)n, sizeof *t, ex_by_size);
    return n % 2 ? t[n / 2] : 0.5 * (t[n / 2 - 1] + t[n / 2]);
}
EX_FN void ex_machine(ex *e, FILE *f) {
#if defined(__clang__)
    const char *cc = "clang " __clang_version__;
#elif defined(__GNUC__)
    const char *cc = "gcc " __VERSION__;
#else
    const char *cc = "another compiler";
#endif
    fprintf(f, "# medvol %s, level %d (%s), %d thread%s, %s, %s%s\n", mv_version(), mv_level(),
        mv_level_name(mv_level()), mv_threads(&e->ctx), mv_threads(&e->ctx) == 1 ? "" : "s", ex_cpu(), cc,
        e->cpu_time ? ", processor time" : "");
}
EX_FN void ex_print_head(void) {
    printf("%-32s %11s %5s %7s %5s %9s %9s %9s %8s %9s %6s\n", "op", "shape", "dtype", "threads", "level",
        "mean_ms", "median_ms", "min_ms", "MB/s", "floor_ms", "share");
}
EX_FN void ex_print_row(ex *e) {
    static double ratio[EX_ROWS_MAX];
    double sum = 0.0, median, least, floor_ms = 0.0, share = 0.0;
    int i, n = e->n;
    for (i = 0; i < n; i++) {
        sum += e->time[i];
        ratio[i] = e->floor_time[i] / fmax(e->time[i], 1e-9);
    }
    if (e->floor_bytes[0] + e->floor_bytes[1] + e->floor_bytes[2] + e->floor_bytes[3] + e->floor_bytes[4] >
        0.0) {
        share = ex_median(ratio, n); /* neighbours in time see the same machine */
        floor_ms = 1e3 * ex_median(e->floor_time, n);
    }
    median = ex_median(e->time, n);
    least = e->time[0];
    if (e->json) {
        printf("{\"op\":\"%s\",\"shape\":\"%s\",\"dtype\":\"%s\",\"threads\":%d,\"level\":%d,"
               "\"mean_ms\":%.6g,\"median_ms\":%.6g,\"min_ms\":%.6g,\"MB/s\":%.6g,\"n\":%d",
            e->op, e->shape, e->dtype, mv_threads(&e->ctx), mv_level(), 1e3 * sum / n, 1e3 * median,
            1e3 * least, 1e-6 * e->bytes / median, n);
        if (floor_ms > 0.0) printf(",\"floor_ms\":%.6g,\"share\":%.4g", floor_ms, share);
        printf("}\n");
    } else {
        if (e->rows == 0) ex_print_head();
        printf("%-32s %11s %5s %7d %5d %9.4g %9.4g %9.4g", e->op, e->shape, e->dtype, mv_threads(&e->ctx),
            mv_level(), 1e3 * sum / n, 1e3 * median, 1e3 * least);
        if (e->bytes > 0.0) printf(" %8.0f", 1e-6 * e->bytes / median);
        else printf(" %8s", "-");
        if (floor_ms > 0.0) printf(" %9.4g %5.0f%%\n", floor_ms, 100.0 * share);
        else printf(" %9s %6s\n", "-", "-");
    }
    fflush(stdout);
    e->rows++;
}
/* in: the input, which gives shape, type and bytes. The floor is the time to read, copy, change in place and
   write so many bytes (0: has none). */
EX_FN void ex_begin(
    ex *e, const char *op, const mv_volume *in, double read, double copy, double place, double write) {
    double most = fmax(fmax(read, copy), fmax(place, write));
    int d, at = 0;
    if (e->rows == 0) ex_machine(e, e->json ? stderr : stdout);
    e->op = op;
    for (d = 0; d < in->ndim && at < 48; d++)
        at += snprintf(e->shape + at, sizeof e->shape - (size_t)at, d ? "x%zu" : "%zu", in->dim[d]);
    snprintf(e->dtype, sizeof e->dtype, "%s", mv_dtype_name(in->dtype));
    e->bytes = (double)mv_dtype_size(in->dtype);
    for (d = 0; d < in->ndim; d++) e->bytes *= (double)in->dim[d];
    if (e->no_floor) read = copy = place = write = most = 0.0;
    e->floor_bytes[EX_F_READ] = read;
    e->floor_bytes[EX_F_COPY] = copy;
    e->floor_bytes[EX_F_PLACE] = place;
    e->floor_bytes[EX_F_WRITE] = write;
    if (most > 0.0) ex_floor_room(e, most);
    if (copy + write > 0.0) ex_floor_copy(e, copy > 0.0 ? copy : write);
    e->floor_bytes[EX_F_FILE] = 0.0;
    e->n = -2; /* one call to warm up */
    e->spent = 0.0;
}
/* floor: a file of so many bytes */
EX_FN void ex_begin_file(ex *e, const char *op, const mv_volume *in, double bytes) {
    ex_begin(e, op, in, 0, 0, 0, 0);
    if (e->no_floor || !(bytes > 0.0)) return;
    ex_floor_room(e, bytes);
    e->floor_bytes[EX_F_FILE] = bytes;
}
EX_FN void ex_begin_still(ex *e, const char *op, const mv_volume *in) { /* moves no voxels: no rate */
    ex_begin(e, op, in, 0, 0, 0, 0);
    e->bytes = 0.0;
}
/* Ends the last call of the operation, times the floor, begins the next. */
EX_FN int ex_more(ex *e) {
    double took = ex_tick(e) - e->begin, floor_s = 0.0;
    int k, most = e->iterations < EX_ROWS_MAX ? e->iterations : EX_ROWS_MAX;
    e->n++;
    if (ex_stop) ex_quit(e, EX_CANCELLED, "cancelled");
    if (e->n >= 0) {
        for (k = 0; k < 5; k++)
            if (e->floor_bytes[k] > 0.0)
                floor_s += ex_floor_run(
                    e, k, k == EX_F_COPY || k == EX_F_WRITE ? e->copy_kind : 0, e->floor_bytes[k]);
        e->spent += took + floor_s;
        if (e->n > 0) {
            e->time[e->n - 1] = took;
            e->floor_time[e->n - 1] = floor_s;
        }
        if (e->n >= most || (e->spent > e->budget && (e->n >= 3 || (e->n >= 1 && took > e->budget)))) {
            ex_print_row(e);
            return 0;
        }
    }
    e->begin = ex_tick(e);
    return 1;
}
EX_FN double ex_bytes(const mv_volume *v) {
    return (double)mv_volume_count(v) * (double)mv_dtype_size(v->dtype);
}
/* The volume to work on: --input as that type, or a noisy head of SIZE voxels each way. */
EX_FN void ex_input(ex *e, mv_volume *v, mv_dtype dtype) {
    mv_load_opt opt;
    memset(v, 0, sizeof *v);
    memset(&opt, 0, sizeof opt);
    opt.dtype = dtype;
    if (e->input) EX_OK(mv_load(&e->ctx, v, e->input, &opt));
    else ex_make_head(e, v, dtype, e->size, e->size, e->size, NULL, 20.0);
}
/* memory with every page touched */
EX_FN void ex_empty_like(ex *e, mv_volume *v, const mv_volume *like, mv_dtype dtype) {
    memset(v, 0, sizeof *v);
    EX_OK(mv_volume_alloc(&e->ctx, v, dtype, like->ndim, like->dim));
    memset(v->data, 1, mv_volume_count(v) * mv_dtype_size(dtype));
}
/* PROGRAM [SIZE=256] [ITERATIONS=20] [--threads N] [--level N] [--input FILE] [--json] */
EX_FN void ex_profile_init(ex *e, int argc, char **argv, const char *program, const char *usage) {
    const char *s;
    ex_init(e, argc, argv, program, usage);
    e->input = ex_text(e, "--input");
    e->no_floor = ex_flag(e, "--no-floor");
    e->size = (size_t)((s = ex_word(e)) != NULL ? ex_parse_whole(e, "SIZE", s, 4, 2048) : 256);
    e->iterations =
        (int)((s = ex_word(e)) != NULL ? ex_parse_whole(e, "ITERATIONS", s, 1, EX_ROWS_MAX) : 20);
    ex_no_more(e);
    ex_bar.on = 0; /* rows are progress enough */
}
/* The main() of a profiler, left out where profile_all takes its function in. */
#ifdef PROFILE_ALL
#  define EX_PROFILER(name, what)
#else
#  define EX_PROFILER(name, what)                                                                            \
    int main(int argc, char **argv) {                                                                        \
        static ex e;                                                                                         \
        ex_profile_init(&e, argc, argv, #name,                                                               \
            #name " [SIZE=256] [ITERATIONS=20] [--threads N] [--level N] [--input FILE] [--json]\n" what     \
            "\nshare: floor / time, median over the calls; the floor moves the same bytes as fast as it can" \
            "\n--no-floor: the operations alone; --cpu-time: of all threads together, for busy machines\n"   \
            "--threads 0: one a core; --level: 1 scalar, 2 SSE2 or NEON, 3 AVX2, 4 AVX-512\n");              \
        name(&e);                                                                                            \
        ex_free(&e);                                                                                         \
        return 0;                                                                                            \
    }
#endif

/* ---- a pair to register: the head, or --input, as `moving`, and `fixed` as it is seen through T(p) = A(p +
   u(p)), so that moving(T(p)) resembles fixed(p): A turns by `degrees` about an oblique axis and shifts by
   mm, u (NULL: none) bends by up to `bend` mm. Both get noise of their own, 1 % of the brightest voxel. ---- */
EX_FN void ex_noise(mv_volume *v, unsigned seed) {
    float *f = (float *)v->data, most = 0.0f;
    size_t n = mv_volume_count(v), i;
    for (i = 0; i < n; i++) most = f[i] > most ? f[i] : most;
    for (i = 0; i < n; i++) {
        seed = seed * 1664525u + 1013904223u;
        f[i] += 0.035f * most * ((float)(seed >> 8) * (1.0f / 16777216.0f) - 0.5f);
    }
}
EX_FN void ex_turn(const mv_volume *v, double degrees, double mm, double *a) {
    const double c = cos(degrees / 57.29577951308232), s = sin(degrees / 57.29577951308232);
    static const double axis[3] = {0.48, 0.6, 0.64};
    double half[3], middle[3];
    int i, j;
    for (i = 0; i < 3; i++) half[i] = 0.5 * (double)(v->dim[i] - 1);
    mv_voxel_to_world(v, middle, half);
    for (i = 0; i < 3; i++) {
        for (j = 0; j < 3; j++) {
            const double cross = i == j ? 0.0 : (j - i + 3) % 3 == 1 ? -axis[3 - i - j] : axis[3 - i - j];
            a[4 * i + j] = axis[i] * axis[j] * (1.0 - c) + (i == j ? c : 0.0) + s * cross;
        }
        a[4 * i + 3] = middle[i] + mm * axis[(i + 1) % 3];
    }
    for (i = 0; i < 3; i++)
        for (j = 0; j < 3; j++) a[4 * i + 3] -= a[4 * i + j] * middle[j];
}
EX_FN void ex_bend(ex *e, mv_volume *u, const mv_volume *grid, double mm) {
    size_t dim[5] = {0, 0, 0, 1, 3}, x[3];
    double extent[3];
    float *f;
    int c;
    for (c = 0; c < 3; c++) dim[c] = grid->dim[c];
    memset(u, 0, sizeof *u);
    EX_OK(mv_volume_alloc(&e->ctx, u, MEDVOL_F32, 5, dim));
    memcpy(u->affine, grid->affine, sizeof u->affine);
    for (c = 0; c < 3; c++) extent[c] = 6.283185307179586 / (double)(dim[c] > 1 ? dim[c] - 1 : 1);
    for (c = 0, f = (float *)u->data; c < 3; c++) /* two waves along each axis, no two alike */
        for (x[2] = 0; x[2] < dim[2]; x[2]++)
            for (x[1] = 0; x[1] < dim[1]; x[1]++)
                for (x[0] = 0; x[0] < dim[0]; x[0]++) {
                    const double a = extent[0] * (double)x[0], b = extent[1] * (double)x[1],
                                 d = extent[2] * (double)x[2];
                    *f++ = (float)(mm * 0.5 *
                                   (sin(1.6 * b + 0.9 * d + 1.3 * c) + sin(1.1 * a - 1.4 * d + 2.1 * c)) *
                                   cos(0.8 * (c ? a : b)));
                }
}
EX_FN void ex_pair(ex *e, mv_volume *fixed, mv_volume *moving, double degrees, double mm, double bend,
    double *affine, mv_volume *u) {
    mv_transform chain[2];
    mv_warp_opt opt;
    memset(chain, 0, sizeof chain);
    memset(&opt, 0, sizeof opt);
    ex_input(e, moving, MEDVOL_F32);
    if (moving->ndim != 3) ex_quit(e, EX_UNSUPPORTED, "%s: one volume of three axes is needed", e->input);
    ex_turn(moving, degrees, mm, affine);
    if (u) ex_bend(e, u, moving, bend);
    chain[0].kind = MEDVOL_TRANSFORM_FIELD;
    chain[0].field = u;
    chain[1].kind = MEDVOL_TRANSFORM_AFFINE;
    memcpy(chain[1].affine, affine, sizeof chain[1].affine);
    memset(fixed, 0, sizeof *fixed);
    opt.interp = MEDVOL_CUBIC;
    EX_OK(mv_warp(&e->ctx, fixed, moving, moving, u ? chain : chain + 1, u ? 2 : 1, &opt));
    ex_noise(fixed, 1);
    ex_noise(moving, 2);
}
/* Mean distance in mm between where two chains take the voxels of an image brighter than its mean. */
EX_FN double ex_apart(ex *e, const mv_volume *image, const mv_transform *a, size_t na, const mv_transform *b,
    size_t nb) {
    const float *f = (const float *)image->data;
    const size_t n = mv_volume_count(image);
    mv_volume ua, ub, body;
    mv_error_metrics m;
    double mean = 0.0;
    size_t i;
    memset(&ua, 0, sizeof ua);
    memset(&ub, 0, sizeof ub);
    EX_OK(mv_transform_field(&e->ctx, &ua, image, a, na));
    EX_OK(mv_transform_field(&e->ctx, &ub, image, b, nb));
    ex_empty_like(e, &body, image, MEDVOL_F32);
    for (i = 0; i < n; i++) mean += (double)f[i] / (double)n;
    for (i = 0; i < n; i++) ((float *)body.data)[i] = (double)f[i] > mean ? 1.0f : 0.0f;
    EX_OK(mv_metric_field(&e->ctx, &m, &ua, &ub, &body));
    mv_volume_free(&e->ctx, &ua);
    mv_volume_free(&e->ctx, &ub);
    mv_volume_free(&e->ctx, &body);
    return m.mean;
}

/* ---- pictures of rgb24: dots, boxes, words, colours ---- */
typedef struct ex_rgb {
    unsigned char c[3];
} ex_rgb;
EX_FN void ex_dot(mv_volume *p, long x, long y, ex_rgb c) {
    if (x >= 0 && y >= 0 && x < (long)p->dim[0] && y < (long)p->dim[1])
        memcpy((unsigned char *)p->data + 3 * ((size_t)x + p->dim[0] * (size_t)y), c.c, 3);
}
EX_FN void ex_fill(mv_volume *p, long x, long y, long w, long h, ex_rgb c) {
    long i, j;
    for (j = 0; j < h; j++)
        for (i = 0; i < w; i++) ex_dot(p, x + i, y + j, c);
}
/* Letters of 5 x 9 dots, twice as large: a digit of base 32 for each line from the top, the last two below
   the base; the letter first. */
EX_FN void ex_write(mv_volume *p, long x, long y, const char *s, ex_rgb c) { /* y: the upper end */
    static const char *const letters[] = {"0ehjlphe", "14c4444e", "2eh1248v", "3eh161he", "426aiv22",
        "5vgu11he", "668guhhe", "7v124888", "8ehhehhe", "9ehhf12c", ".00000cc", ",0000c48", "-000e000",
        "+044v440", "%op248j3", "/01248g0", "(2488842", ")8422248", "=00v0v00", "a00e1fhf", "bgguhhhu",
        "c00ehghe", "d11fhhhf", "e00ehvge", "f698s888", "g00fhhhf1e", "hgguhhhh", "i40c444e", "k889aca9",
        "lc44444e", "m00qllll", "n00uhhhh", "o00ehhhe", "p00uhhhugg", "r00mpggg", "s00fge1u", "t88s8896",
        "u00hhhjd", "v00hhha4", "w00hhlla", "x00ha4ah", "y00hhhhf1e", "z00v248v", "Mhrllhhh", "Vhhhhha4",
        "Gehgnhhf", "Ruhhukih", "Cehggghe", "Tv444444", "Sfgge11u", "Evgguggv", "Nhpljhhh", "Duhhhhhu"};
    for (; *s; s++, x += 12) {
        size_t k;
        long row, i;
        for (k = 0; k < sizeof letters / sizeof *letters && letters[k][0] != *s; k++) {}
        if (k == sizeof letters / sizeof *letters) continue;
        for (row = 0; letters[k][row + 1]; row++) {
            const char d = letters[k][row + 1];
            const int bits = d <= '9' ? d - '0' : d - 'a' + 10;
            for (i = 0; i < 5; i++)
                if (bits >> (4 - i) & 1) ex_fill(p, x + 2 * i, y + 2 * row, 2, 2, c);
        }
    }
}
EX_FN long ex_write_wide(const char *s) { return 12 * (long)strlen(s) - 2; }
/* black, violet, red, yellow, white */
EX_FN ex_rgb ex_heat(double v) {
    static const double at[5] = {0.0, 0.25, 0.55, 0.85, 1.0},
                        to[5][3] = {{4, 5, 22}, {86, 20, 110}, {214, 66, 56}, {250, 190, 64},
                            {255, 255, 225}};
    ex_rgb r;
    int k = 0, c;
    v = v > 0.0 ? v < 1.0 ? v : 1.0 : 0.0;
    while (k < 3 && v > at[k + 1]) k++;
    for (c = 0; c < 3; c++)
        r.c[c] = (unsigned char)(to[k][c] + 0.5 +
                                 (to[k + 1][c] - to[k][c]) * (v - at[k]) / (at[k + 1] - at[k]));
    return r;
}

/* ---- pictures in the terminal: two pixels a character, upper one in the foreground colour ---- */
EX_FN void ex_show_picture(const mv_volume *p) {
    int utf8 = ex_utf8();
    size_t x, y;
    for (y = 0; y < p->dim[1]; y += 2) {
        const unsigned char *a = (const unsigned char *)p->data + 3 * y * (size_t)p->stride[1];
        const unsigned char *b = y + 1 < p->dim[1] ? a + 3 * p->stride[1] : a;
        for (x = 0; x < p->dim[0]; x++, a += 3, b += 3) {
            if (utf8)
                printf(
                    "\x1b[38;2;%d;%d;%dm\x1b[48;2;%d;%d;%dm\xe2\x96\x80", a[0], a[1], a[2], b[0], b[1], b[2]);
            else printf("\x1b[48;2;%d;%d;%dm ", (a[0] + b[0]) / 2, (a[1] + b[1]) / 2, (a[2] + b[2]) / 2);
        }
        printf("\x1b[0m\n");
    }
}
/* The three planes of v as wide as the terminal; nothing when stdout is no terminal. */
EX_FN void ex_show_planes(ex *e, const mv_volume *v, const char *title) {
    mv_volume p;
    mv_render_opt opt;
    int columns, lines;
    if (e->quiet || !ex_tty(stdout)) return;
    ex_bar_clear();
    ex_window(&columns, &lines);
    memset(&p, 0, sizeof p);
    memset(&opt, 0, sizeof opt);
    opt.no_letters = 1;
    opt.max_width = (size_t)(columns > 20 ? columns - 1 : 20);
    opt.max_height = (size_t)(lines > 12 ? 2 * (lines - 6) : 12);
    opt.mm_per_pixel = 0.001; /* as large as fits */
    EX_OK(mv_render_planes(&e->ctx, &p, v, &opt));
    printf("%s: axial, coronal, sagittal; patient left is left, anterior right\n", title);
    ex_show_picture(&p);
    mv_volume_free(&e->ctx, &p);
}
#endif /* EXAMPLE_H */
