/* gzip_peers.c - medvol's inflate and deflate beside zlib, libdeflate and ISA-L, interleaved in one process.
   cc -O2 -ffp-contract=off -I. bench/gzip_peers.c build/medvol.o -ldeflate -lisal -lz -lm -lpthread \
      -o build/gzip_peers
   build/gzip_peers [REPETITIONS=5] [FILE.nii.gz ...]
   Data: a noisy int16 head, the same with a zero background, noisy float32, and the files. MB = 1e6
   uncompressed bytes; median of CPU times on one thread. */
#include "../medvol.h"
#include <isa-l.h>
#include <libdeflate.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <zlib.h>

static uint64_t state = 1;
static double uniform(void) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    return ((double)(state >> 12) + 0.5) * 0x1p-52;
}
static double normal(void) { return sqrt(-2.0 * log(uniform())) * cos(6.283185307179586 * uniform()); }
static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* an ellipsoid of tissue with shells and Gaussian noise; outside Rayleigh noise, or 0 when stripped */
static double head(int x, int y, int z, int n, int stripped) {
    double u = (2.0 * x - n) / (0.80 * n), v = (2.0 * y - n) / (0.95 * n), w = (2.0 * z - n) / (0.85 * n);
    double r = u * u + v * v + w * w, a = normal(), b = normal();
    if (r > 1.0) return stripped ? 0.0 : 8.0 * sqrt(a * a + b * b);
    if (r > 0.8) return (r > 0.9 ? 700.0 : 150.0) + 14.0 * a;
    return 350.0 + 120.0 * sin(9 * u) * cos(7 * v) * sin(8 * w) + 14.0 * a;
}
static void *make(int kind, size_t *bytes) {
    int n = 192, x, y, z;
    size_t i = 0, count = (size_t)n * (size_t)n * (size_t)n;
    int16_t *s = (int16_t *)malloc(count * 2);
    float *f = (float *)malloc(count * 4);
    for (z = 0; z < n; z++)
        for (y = 0; y < n; y++)
            for (x = 0; x < n; x++, i++) {
                double h = head(x, y, z, n, kind == 1);
                s[i] = (int16_t)lrint(h);
                f[i] = (float)h;
            }
    *bytes = kind == 2 ? count * 4 : count * 2;
    if (kind == 2) free(s);
    else free(f);
    return kind == 2 ? (void *)f : (void *)s;
}
static void *load(const char *path, size_t *bytes) {
    gzFile g = gzopen(path, "rb");
    size_t room = (size_t)1 << 26, n = 0;
    char *p = (char *)malloc(room);
    int k;
    if (!g) return NULL;
    while (n < room && (k = gzread(g, p + n, (unsigned)(room - n))) > 0) n += (size_t)k;
    gzclose(g);
    *bytes = n;
    return p;
}
static int cmp(const void *a, const void *b) { return *(const double *)a < *(const double *)b ? -1 : 1; }
static double median(double *t, int n) {
    qsort(t, (size_t)n, sizeof *t, cmp);
    return t[n / 2];
}
static size_t zlib_pack(void *dst, size_t cap, const void *src, size_t n, int level) {
    z_stream z;
    memset(&z, 0, sizeof z);
    deflateInit2(&z, level, Z_DEFLATED, 31, 8, 0);
    z.next_in = (Bytef *)src;
    z.avail_in = (unsigned)n;
    z.next_out = (Bytef *)dst;
    z.avail_out = (unsigned)cap;
    deflate(&z, Z_FINISH);
    deflateEnd(&z);
    return z.total_out;
}
static size_t isal_pack(void *dst, size_t cap, const void *src, size_t n, int level) {
    static uint8_t buf[ISAL_DEF_LVL3_DEFAULT];
    struct isal_zstream z;
    isal_deflate_init(&z);
    z.level = (uint32_t)level;
    z.level_buf = buf;
    z.level_buf_size = sizeof buf;
    z.next_in = (uint8_t *)src;
    z.avail_in = (uint32_t)n;
    z.next_out = (uint8_t *)dst;
    z.avail_out = (uint32_t)cap;
    z.end_of_stream = 1;
    z.gzip_flag = IGZIP_GZIP;
    isal_deflate(&z);
    return z.total_out;
}
static int isal_unpack(void *dst, size_t cap, const void *src, size_t n) {
    struct inflate_state s;
    isal_inflate_init(&s);
    s.crc_flag = ISAL_GZIP;
    s.next_in = (uint8_t *)src;
    s.avail_in = (uint32_t)n;
    s.next_out = (uint8_t *)dst;
    s.avail_out = (uint32_t)cap;
    return isal_inflate(&s);
}
static void inflate_row(
    const char *name, const char *from, const void *raw, size_t n, const void *gz, size_t gn, int reps) {
    double t[3][64];
    char *out = (char *)malloc(n + 1024);
    struct libdeflate_decompressor *ld = libdeflate_alloc_decompressor();
    size_t got;
    int i;
    mv_status st = MEDVOL_OK;
    mv_gzip_info info;
    memset(out, 0, n + 1024);
    for (i = 0; i < reps; i++) {
        double a = now(), b, c, d;
        st = mv_gzip_unpack(NULL, out, n, gz, gn, &info);
        b = now();
        if (st < 0 || info.dst_n != n || memcmp(out, raw, n)) printf("WRONG %d\n", (int)st);
        c = now();
        if (libdeflate_gzip_decompress(ld, gz, gn, out, n, &got)) printf("libdeflate fails\n");
        d = now();
        t[0][i] = b - a;
        t[1][i] = d - c;
        c = now();
        if (isal_unpack(out, n, gz, gn)) printf("isal fails\n");
        t[2][i] = now() - c;
    }
    {
        double m0 = median(t[0], reps), m1 = median(t[1], reps), m2 = median(t[2], reps);
        double mb = (double)n * 1e-6, whole = (double)n;
        printf("inflate %-10s %-10s ratio %6.2f  ", name, from, whole / (double)gn);
        printf("medvol %7.0f  libdeflate %7.0f (%.2fx)  isal %7.0f (%.2fx)\n", mb / m0, mb / m1, m1 / m0,
            mb / m2, m2 / m0);
    }
    fflush(stdout);
    libdeflate_free_decompressor(ld);
    free(out);
}
static void deflate_row(const char *name, const void *raw, size_t n, int level, int reps) {
    double t[3][64];
    size_t cap = mv_deflate_bound(n) + n / 8 + 4096, k[3] = {0, 0, 0};
    char *out = (char *)malloc(cap), *back = (char *)malloc(n);
    struct libdeflate_compressor *lc = libdeflate_alloc_compressor(level);
    mv_gzip_opt opt;
    mv_gzip_info info;
    int i;
    memset(out, 0, cap);
    memset(&opt, 0, sizeof opt);
    opt.level = level;
    opt.container = MEDVOL_GZIP_MGZIP;
    for (i = 0; i < reps; i++) {
        double a = now(), b, c;
        mv_status st = mv_gzip_pack(NULL, out, cap, raw, n, &opt, &k[0]);
        b = now();
        if (i == 0 && (st < 0 || mv_gzip_unpack(NULL, back, n, out, k[0], &info) < 0 || memcmp(back, raw, n)))
            printf("WRONG %d\n", (int)st);
        t[0][i] = b - a;
        c = now();
        k[1] = libdeflate_gzip_compress(lc, raw, n, out, cap);
        t[1][i] = now() - c;
        if (level == 1) {
            c = now();
            k[2] = isal_pack(out, cap, raw, n, 1);
            t[2][i] = now() - c;
        } else {
            c = now();
            if (i < 1) k[2] = zlib_pack(out, cap, raw, n, level);
            t[2][i] = i < 1 ? now() - c : t[2][0];
        }
    }
    {
        double m0 = median(t[0], reps), m1 = median(t[1], reps), m2 = median(t[2], reps);
        double mb = (double)n * 1e-6, whole = (double)n;
        printf("deflate %-10s level %d  medvol %6.0f [%.3f]  libdeflate %6.0f [%.3f] (%.2fx)  ", name, level,
            mb / m0, whole / (double)k[0], mb / m1, whole / (double)k[1], m1 / m0);
        printf("%s %6.0f [%.3f] (%.2fx)\n", level == 1 ? "isal-1" : "zlib", mb / m2, whole / (double)k[2],
            m2 / m0);
    }
    fflush(stdout);
    libdeflate_free_compressor(lc);
    free(out);
    free(back);
}
int main(int argc, char **argv) {
    static const char *const made[] = {"i16", "strip", "f32"};
    int reps = argc > 1 ? atoi(argv[1]) : 5, i;
    const char *what = getenv("GZ_WHAT");
    if (reps < 1 || reps > 64) reps = 5;
    for (i = 0; i < 3 + (argc > 2 ? argc - 2 : 0); i++) {
        size_t n, cap, k;
        void *raw = i < 3 ? make(i, &n) : load(argv[i - 1], &n);
        char *gz;
        const char *name = i < 3 ? made[i] : argv[i - 1], *slash = strrchr(name, '/');
        char shortname[11];
        if (!raw) continue;
        if (slash) name = slash + 1;
        snprintf(shortname, sizeof shortname, "%s", name);
        cap = n + n / 4 + 4096;
        gz = (char *)malloc(cap);
        if (!what || strchr(what, 'i')) {
            struct libdeflate_compressor *lc = libdeflate_alloc_compressor(6);
            k = zlib_pack(gz, cap, raw, n, 6);
            inflate_row(shortname, "zlib-6", raw, n, gz, k, reps);
            k = libdeflate_gzip_compress(lc, raw, n, gz, cap);
            inflate_row(shortname, "libdefl-6", raw, n, gz, k, reps);
            libdeflate_free_compressor(lc);
            k = isal_pack(gz, cap, raw, n, 1);
            inflate_row(shortname, "isal-1", raw, n, gz, k, reps);
        }
        if (!what || strchr(what, '1')) deflate_row(shortname, raw, n, 1, reps);
        if (!what || strchr(what, '6')) deflate_row(shortname, raw, n, 6, reps);
        if (!what || strchr(what, '9')) deflate_row(shortname, raw, n, 9, reps);
        free(raw);
        free(gz);
    }
    return 0;
}
