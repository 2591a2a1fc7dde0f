/* main.c - runs all cases at every level: at the best one with 2, 1 and 5 threads, at those below with 5 or
   2, since all levels share work out by the same code: tests [NAME-PART]... [--without NAME-PART]... [--level N:
   that, or the best below] [--threads N] [--all: each thread count at each level] [--first: stop at the first
   failure] [--times: of each case]. A choice of level takes each thread count. T_ONCE cases run at the first
   level and thread count of these. The last line is "N passed, N failed",
   then ", N skipped" when there are cases that this platform cannot run. The cases write to build/tmp beside
   the program, so that programs of several builds may run at once. */
#if defined(__unix__) || defined(__APPLE__)
#  define _DEFAULT_SOURCE 1
#  include <sys/mman.h>
#  include <sys/stat.h>
#  include <unistd.h>
#elif defined(_WIN32)
#  define WIN32_LEAN_AND_MEAN 1
#  include <windows.h>
#endif
#include "test.h"
#include <time.h>

/* tables.h is made by the build: one X(name) for each tests/test_name.c */
#define X(name) extern const t_case tests_##name[];
#include "tables.h"
#undef X
static const struct {
    const char *name;
    const t_case *cases;
} tables[] = {
#define X(name) {#name, tests_##name},
#include "tables.h"
#undef X
};

mv_ctx *T;
int t_level, t_threads;
static int failures_in_case;
static const char *case_name;
static long passed, failed, skipped;
static int times;
static int stop_at_first;

int t_check(int ok, const char *file, int line, const char *what) {
    if (!ok && failures_in_case++ < 5)
        fprintf(stderr, "%s:%d: %s [level %d, threads %d]: %s\n", file, line, case_name, t_level, t_threads,
            what);
    if (!ok && stop_at_first) exit(1);
    return ok;
}
int t_status(mv_status got, mv_status want, const char *file, int line, const char *what) {
    if (got != want && failures_in_case < 5)
        fprintf(stderr, "  got %d (%s; \"%s\"), want %d\n", (int)got, mv_status_str(got), mv_message(T),
            (int)want);
    t_check(got >= 0 || T->error.offset >= -1, file, line, "the offset is one, or -1");
    return t_check(got == want, file, line, what);
}
int t_near(double a, double b, double tol, const char *file, int line, const char *what) {
    int ok = fabs(a - b) <= tol || a == b || (a != a && b != b);
    if (!ok && failures_in_case < 5) fprintf(stderr, "  %.17g against %.17g, tolerance %g\n", a, b, tol);
    return t_check(ok, file, line, what);
}

static int skips;
void t_skip(const char *why) {
    fprintf(stderr, "skipped: %s [level %d, threads %d]: %s\n", case_name, t_level, t_threads, why);
    skips = 1;
}

static uint64_t state;
void t_seed(uint64_t seed) { state = seed; }
uint64_t t_bits(void) { /* splitmix64, Steele et al. 2014 */
    uint64_t z = (state += 0x9e3779b97f4a7c15u);
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}
double t_uniform(double lo, double hi) { return lo + (hi - lo) * ((double)(t_bits() >> 11) * 0x1p-53); }
double t_normal(void) {
    return sqrt(-2.0 * log(t_uniform(1e-300, 1.0))) * cos(6.283185307179586 * t_uniform(0.0, 1.0));
}

const mv_dtype t_real_types[12] = {MEDVOL_U8, MEDVOL_I8, MEDVOL_U16, MEDVOL_I16, MEDVOL_U32, MEDVOL_I32,
    MEDVOL_U64, MEDVOL_I64, MEDVOL_F16, MEDVOL_BF16, MEDVOL_F32, MEDVOL_F64};
double t_half(unsigned h, int mant, int bias) {
    int e = (int)(h & 0x7fffu) >> mant, m = (int)(h & ((1u << mant) - 1));
    double v = e ? ldexp(1.0 + ldexp(m, -mant), e - bias) : ldexp(m, 1 - bias - mant);
    if (e == 2 * bias + 1) v = m ? (double)NAN : HUGE_VAL;
    return h & 0x8000u ? -v : v;
}
double t_value(const void *data, mv_dtype t, size_t i) { /* the array may be unaligned */
    union {
        uint8_t u8; int8_t i8; uint16_t u16; int16_t i16; uint32_t u32; int32_t i32; uint64_t u64;
            int64_t i64;
        float f; double d;
    } x;
    size_t size = mv_dtype_size(t);
    memcpy(&x, (const char *)data + i * size, size);
    switch (t) {
        case MEDVOL_U8: return x.u8;
        case MEDVOL_I8: return x.i8;
        case MEDVOL_U16: return x.u16;
        case MEDVOL_I16: return x.i16;
        case MEDVOL_U32: return x.u32;
        case MEDVOL_I32: return x.i32;
        case MEDVOL_U64: return (double)x.u64;
        case MEDVOL_I64: return (double)x.i64;
        case MEDVOL_F16: return t_half(x.u16, 10, 15);
        case MEDVOL_BF16: return t_half(x.u16, 7, 127);
        case MEDVOL_F32: return (double)x.f;
        default: return x.d;
    }
}
uint32_t t_crc32(uint32_t crc, const void *data, size_t n) {
    static uint32_t table[256];
    const uint8_t *p = (const uint8_t *)data;
    uint32_t i;
    int k;
    for (i = 0; !table[255] && i < 256; i++) /* entry 255 comes last and is not 0 */
        for (table[i] = i, k = 0; k < 8; k++)
            table[i] = table[i] & 1 ? table[i] >> 1 ^ 0xedb88320u : table[i] >> 1;
    for (crc = ~crc; n > 0; n--) crc = crc >> 8 ^ table[(crc ^ *p++) & 255];
    return ~crc;
}

/* memory by pages: reserved unreadable, then opened to reading and writing or to reading alone */
#if defined(__unix__) || defined(__APPLE__)
static size_t page_size(void) { return (size_t)sysconf(_SC_PAGESIZE); }
static char *pages_new(size_t n) {
    void *p = mmap(NULL, n, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return p == MAP_FAILED ? NULL : (char *)p;
}
static int pages_open(void *p, size_t n, int writable) {
    return mprotect(p, n, PROT_READ | (writable ? PROT_WRITE : 0)) == 0;
}
static void pages_free(void *p, size_t n) { munmap(p, n); }
#elif defined(_WIN32)
static size_t page_size(void) {
    SYSTEM_INFO info;
    GetSystemInfo(&info);
    return info.dwPageSize;
}
static char *pages_new(size_t n) {
    return (char *)VirtualAlloc(NULL, n, MEM_RESERVE | MEM_COMMIT, PAGE_NOACCESS);
}
static int pages_open(void *p, size_t n, int writable) {
    DWORD was;
    return VirtualProtect(p, n, writable ? PAGE_READWRITE : PAGE_READONLY, &was) != 0;
}
static void pages_free(void *p, size_t n) {
    (void)n;
    VirtualFree(p, 0, MEM_RELEASE);
}
#else
static size_t page_size(void) { return 64; }
static char *pages_new(size_t n) { return (char *)malloc(n); }
static int pages_open(void *p, size_t n, int writable) { return (void)p, (void)n, (void)writable, 1; }
static void pages_free(void *p, size_t n) { (void)n, free(p); }
#endif
static size_t guard_span(size_t n) { return (n + page_size() - 1) / page_size() * page_size(); }
/* In front lies more than the farthest that a match reaches back. */
#define FRONT (page_size() < 4096 ? page_size() : (size_t)128 << 10)
void *t_guard(size_t n) {
    size_t span = guard_span(n), page = page_size();
    char *p = pages_new(FRONT + span + page);
    if (!p || (span && !pages_open(p + FRONT, span, 1))) abort();
    return p + FRONT + span - n;
}
void t_guard_writable(void *p, size_t n, int on) {
    size_t span = guard_span(n);
    if (span && !pages_open((char *)p + n - span, span, on)) abort();
}
void t_guard_free(void *p, size_t n) {
    size_t span = guard_span(n), page = page_size();
    if (p) pages_free((char *)p + n - span - FRONT, FRONT + span + page);
}

static size_t live, allocations, fail_at;
static int fail_forever;
static void *count_alloc(void *user, size_t n) {
    void *p;
    (void)user;
    allocations++;
    if (fail_at && allocations >= fail_at && (fail_forever || allocations == fail_at)) return NULL;
    p = malloc(n);
    if (p) live++;
    return p;
}
static void count_free(void *user, void *p) {
    (void)user;
    if (p) live--;
    free(p);
}
size_t t_live(void) { return live; }
size_t t_allocations(void) { return allocations; }
void t_fail_alloc(size_t k, int forever) {
    fail_at = k ? allocations + k : 0;
    fail_forever = forever;
}

static size_t weight, peak;
static void *weigh_alloc(void *user, size_t n) {
    size_t *p = (size_t *)malloc(n + 64);
    (void)user;
    if (!p) return NULL;
    *p = n;
    weight += n;
    if (weight > peak) peak = weight;
    return (char *)p + 64;
}
static void weigh_free(void *user, void *p) {
    size_t *block = p ? (size_t *)(void *)((char *)p - 64) : NULL;
    (void)user;
    if (block) weight -= *block;
    free(block);
}
void t_weigh(mv_ctx *ctx, int threads) {
    mv_ctx_desc d = T->desc;
    d.threads = threads, d.mem_alloc = weigh_alloc, d.mem_free = weigh_free;
    weight = peak = 0;
    CHECK_OK(mv_ctx_init(ctx, &d));
}
size_t t_peak(void) {
    const size_t most = peak;
    peak = weight;
    return most;
}
size_t t_weight(void) { return weight; }

static char sources[4096]; /* the folder in which the run began; empty: it is the current one */
const char *t_path(const char *name) {
    static char path[4][512];
    static int turn;
    turn = (turn + 1) % 4;
    snprintf(path[turn], sizeof path[turn], "build/tmp/%s", name);
    return path[turn];
}

const char *t_source(const char *name) {
    static char path[4400];
    snprintf(path, sizeof path, "%s%s%s", sources, *sources ? "/" : "", name);
    return path;
}
int t_shared(mv_volume *v, const char *name) {
    char path[4600];
    memset(v, 0, sizeof *v);
    snprintf(path, sizeof path, "%s", t_source("README.md"));
    path[strlen(path) - 9] = 0;
    strncat(path, "../shared/data/recon/", sizeof path - strlen(path) - 1);
    strncat(path, name, sizeof path - strlen(path) - 1);
    return mv_load(T, v, path, NULL) == MEDVOL_OK;
}
static void go_beside(const char *program) {
    char folder[4096];
    size_t n = strlen(program);
    if (n >= sizeof folder) abort();
    while (n && program[n - 1] != '/' && program[n - 1] != '\\') n--;
    memcpy(folder, program, n);
    folder[n] = 0;
#if defined(__unix__) || defined(__APPLE__)
    if (n && (!getcwd(sources, sizeof sources) || chdir(folder) != 0)) abort();
    mkdir("build", 0777);
    mkdir("build/tmp", 0777);
#elif defined(_WIN32)
    if (n && (!GetCurrentDirectoryA(sizeof sources, sources) || !SetCurrentDirectoryA(folder))) abort();
    CreateDirectoryA("build", NULL);
    CreateDirectoryA("build/tmp", NULL);
#else /* cannot go anywhere: the folder of the name is the project's, build/tmp is there */
    if (n) memcpy(sources, folder, n - 1);
#endif
}

unsigned char t_called[T_KINDS][API_N];
/* cases that the machine cannot run, and why */
static const struct {
    const char *name, *why;
} misfits[] = {
#ifdef MEDVOL_NO_STDIO
#  define X(name, why) {name, why},
#  include "firmware/misfits.h"
#  undef X
#endif
    {NULL, NULL},
};
static const char *misfit(const char *name) {
    size_t i;
    for (i = 0; misfits[i].name; i++)
        if (!strcmp(misfits[i].name, name)) return misfits[i].why;
    return NULL;
}
static void check_misfits(void) { /* each is the name of a case, if its table is in this program */
    size_t i, k;
    for (i = 0; misfits[i].name; i++)
        for (k = 0; k < sizeof tables / sizeof *tables; k++) {
            size_t n = strlen(tables[k].name);
            const t_case *c = tables[k].cases;
            if (strncmp(misfits[i].name, tables[k].name, n) != 0 || misfits[i].name[n] != '/') continue;
            while (c->name && strcmp(misfits[i].name + n + 1, c->name) != 0) c++;
            if (c->name) continue;
            fprintf(stderr, "tests/firmware/misfits.h: there is no %s\n", misfits[i].name);
            failed++;
        }
}

static void run_case(const char *table, const t_case *c) {
    mv_ctx ctx;
    mv_ctx_desc desc;
    char name[128];
    size_t before;
    clock_t begin = clock();
    memset(&desc, 0, sizeof desc);
    desc.threads = t_threads;
    desc.mem_alloc = count_alloc;
    desc.mem_free = count_free;
    desc.io = T_IO;
    snprintf(name, sizeof name, "%s/%s", table, c->name);
    case_name = name;
    failures_in_case = skips = 0;
    t_fail_alloc(0, 0);
    before = live;
    if (mv_ctx_init(&ctx, &desc) < 0) abort();
    T = &ctx;
    t_seed(1);
    if (!c->run) t_skip("needs a POSIX system");
    else if (misfit(name)) t_skip(misfit(name));
    else c->run();
    t_fail_alloc(0, 0);
    mv_ctx_free(&ctx);
    t_check(live == before, __FILE__, __LINE__, "every block was released");
    if (failures_in_case) failed++;
    else if (skips) skipped++;
    else passed++;
    if (times) fprintf(stderr, "%7.2f s  %s\n", (double)(clock() - begin) / CLOCKS_PER_SEC, name);
}

static const char *parts[64];    /* of the names of the cases wanted; none: all */
static const char *without[192]; /* parts of the names of those left out */
static int included, excluded;
static int wanted(const char *name) {
    int i;
    for (i = 0; i < excluded; i++)
        if (strstr(name, without[i])) return 0;
    for (i = 0; i < included; i++)
        if (strstr(name, parts[i])) return 1;
    return !included;
}

/* a public function that one kind of case never met fails the run, where all of the kind's cases are wanted */
static int whole(const char *table) {
    size_t k;
    for (k = 0; k < sizeof tables / sizeof *tables; k++) {
        const t_case *c = tables[k].cases;
        if (strcmp(tables[k].name, table) != 0) continue;
        for (; c->name; c++) {
            char name[128];
            snprintf(name, sizeof name, "%s/%s", table, c->name);
            if (!wanted(name)) return 0;
        }
        return 1;
    }
    return 0;
}
static void check_api(void) {
    static const char *const names[] = {
#define X(name) #name,
        API_FUNCTIONS(X)
#undef X
    };
    static const struct {
        int kind;
        const char *table, *where;
    } kinds[] = {{T_OOM, "oom", "tests/test_oom.c"}, {T_GUARD, "guard", "tests/test_guard.c"},
        {T_FUZZ, "fuzz", "tests/fuzz"}};
    size_t k, i;
    for (k = 0; k < sizeof kinds / sizeof *kinds; k++) {
        if (!whole(kinds[k].table)) continue;
        for (i = 0; i < API_N; i++) {
            int seen = t_called[kinds[k].kind][i];
            if (seen == 1 || seen == 2) continue;
            fprintf(stderr, seen ? "%s: %s is called and left out\n" : "%s: no case for %s\n", kinds[k].where,
                names[i]);
            failed++;
        }
    }
}

int main(int argc, char **argv) {
    static const int counts[] = {2, 1, 5};
    int best = mv_level_force(4), level = 0, threads = 0, every = 0, first = 1, i;
    size_t k;
    go_beside(argv[0]);
    for (i = 1; i < argc; i++) {
        if (!strcmp(argv[i], "--level") && i + 1 < argc) level = atoi(argv[++i]);
        else if (!strcmp(argv[i], "--threads") && i + 1 < argc) threads = atoi(argv[++i]);
        else if (!strcmp(argv[i], "--all")) every = 1;
        else if (!strcmp(argv[i], "--first")) stop_at_first = 1;
        else if (!strcmp(argv[i], "--without") && i + 1 < argc && excluded < 192)
            without[excluded++] = argv[++i];
        else if (!strcmp(argv[i], "--times")) times = 1;
        else if (included < 64) parts[included++] = argv[i];
    }
    if (level > best) level = best;
    for (t_level = best; t_level >= 1; t_level--) {
        if (level && t_level != level) continue;
        mv_level_force(t_level);
        for (i = 0; i < 3; i++) {
            t_threads = counts[i];
            if (threads ? t_threads != threads
                        : !every && !level && t_level < best && i != (t_level % 2 ? 0 : 2)) continue;
            for (k = 0; k < sizeof tables / sizeof *tables; k++) {
                const t_case *c;
                for (c = tables[k].cases; c->name; c++) {
                    char name[128];
                    snprintf(name, sizeof name, "%s/%s", tables[k].name, c->name);
                    if (wanted(name) && (first || !(c->flags & T_ONCE))) run_case(tables[k].name, c);
                }
            }
            first = 0;
        }
    }
    if (!included) check_api();
    check_misfits();
    printf("%ld passed, %ld failed", passed, failed);
    if (skipped) printf(", %ld skipped", skipped);
    printf("\n");
    return failed || !passed;
}
