/* test_pictures.c - PNG and the three-plane view. PNG files are read back by a reader of their own here
   (chunks, bitwise CRC, inverse filters; only the inflate is medvol's); the views are compared with index
   arithmetic written down once more. */
#include "test.h"

/* ---- a PNG reader ---- */
typedef struct picture {
    size_t w, h, bpp;
    unsigned ppm_x, ppm_y; /* pixels a metre, 0: not stated */
    int filters[5];        /* rows that use each */
    unsigned char *px;
} picture;
static unsigned be32(const unsigned char *p) {
    return (unsigned)p[0] << 24 | (unsigned)p[1] << 16 | (unsigned)p[2] << 8 | p[3];
}
static int near_of(int a, int b, int c) { /* Paeth, as the standard words it */
    int p = a + b - c, pa = abs(p - a), pb = abs(p - b), pc = abs(p - c);
    if (pa <= pb && pa <= pc) return a;
    return pb <= pc ? b : c;
}
static int unfilter(picture *g, const unsigned char *raw) {
    size_t row = g->w * g->bpp, y, i;
    for (y = 0; y < g->h; y++) {
        const unsigned char *s = raw + y * (row + 1);
        unsigned char *d = g->px + y * row;
        if (*s > 4) return 0;
        g->filters[*s]++;
        for (i = 0; i < row; i++) {
            int a = i >= g->bpp ? d[i - g->bpp] : 0, b = y ? *(d + i - row) : 0,
                c = y && i >= g->bpp ? *(d + i - row - g->bpp) : 0;
            int guess = *s == 0 ? 0 : *s == 1 ? a : *s == 2 ? b : *s == 3 ? (a + b) / 2 : near_of(a, b, c);
            d[i] = (unsigned char)(s[1 + i] + guess);
        }
    }
    return 1;
}
static int read_png(picture *g, const unsigned char *p, size_t n) {
    static const unsigned char sign[8] = {137, 80, 78, 71, 13, 10, 26, 10};
    size_t at = 8, len, used, made = 0, raw_n;
    unsigned char *raw;
    int ended = 0, ok = 0;
    memset(g, 0, sizeof *g);
    if (n < 8 || memcmp(p, sign, 8) != 0) return 0;
    while (at + 12 <= n) {
        len = be32(p + at);
        if (at + 12 + len > n || t_crc32(0, p + at + 4, len + 4) != be32(p + at + 8 + len)) return 0;
        if (!memcmp(p + at + 4, "IHDR", 4)) {
            g->w = be32(p + at + 8);
            g->h = be32(p + at + 12);
            if (p[at + 16] != 8 || p[at + 18] || p[at + 19] || p[at + 20]) return 0;
            g->bpp = p[at + 17] == 0 ? 1 : p[at + 17] == 2 ? 3 : p[at + 17] == 6 ? 4 : 0;
        } else if (!memcmp(p + at + 4, "pHYs", 4)) {
            g->ppm_x = be32(p + at + 8);
            g->ppm_y = be32(p + at + 12);
            if (p[at + 16] != 1) return 0;
        } else if (!memcmp(p + at + 4, "IDAT", 4)) {
            if (g->px) return 0; /* one IDAT is all that is written */
            raw_n = g->h * (g->w * g->bpp + 1);
            raw = (unsigned char *)malloc(raw_n);
            g->px = (unsigned char *)malloc(g->w * g->h * g->bpp);
            ok = mv_inflate_zlib(T, raw, raw_n, p + at + 8, len, &used, &made) == MEDVOL_OK;
            ok = ok && made == raw_n && used == len && unfilter(g, raw);
            free(raw);
        } else if (!memcmp(p + at + 4, "IEND", 4)) ended = len == 0;
        at += 12 + len;
    }
    return ok && ended && at == n;
}
static int to_png(picture *g, const mv_volume *v, const mv_png_opt *opt) {
    size_t cap = mv_png_bound(v), n = 0;
    unsigned char *p = (unsigned char *)malloc(cap + 1);
    int ok;
    p[cap] = 77;
    ok = CHECK_OK(mv_save_png_mem(T, p, cap, v, opt, &n)) && CHECK(p[cap] == 77) &&
        CHECK(read_png(g, p, n)) && CHECK(g->w == v->dim[0] && g->h == (v->ndim > 1 ? v->dim[1] : 1));
    free(p);
    return ok;
}

/* every type of pixel, odd sizes, views, every level; the reader sees the same bytes */
static void png_exact(void) {
    static const mv_dtype types[3] = {MEDVOL_U8, MEDVOL_RGB24, MEDVOL_RGBA32};
    static const size_t sizes[6][2] = {{1, 1}, {7, 1}, {1, 9}, {33, 17}, {64, 5}, {301, 37}};
    int t, s, level;
    size_t i, y;
    for (t = 0; t < 3; t++)
        for (s = 0; s < 6; s++)
            for (level = 0; level <= 9; level += 3) {
                size_t size = mv_dtype_size(types[t]), start[2] = {1, 2}, big[2], w = sizes[s][0],
                       h = sizes[s][1];
                mv_volume v = {0}, view;
                picture g;
                mv_png_opt opt = {0};
                opt.level = level;
                big[0] = w + 3;
                big[1] = h + 2;
                CHECK_OK(mv_volume_alloc(T, &v, types[t], 2, big));
                for (i = 0; i < big[0] * big[1] * size; i++) {
                    uint64_t noise = t_bits();
                    if (level != 3) noise = i / size * 5 / 7 + noise % 3;
                    ((unsigned char *)v.data)[i] = (unsigned char)noise;
                }
                if (t == 1) ((unsigned char *)v.data)[(2 * big[0] + 1) * size] ^= 128; /* not grey */
                CHECK_OK(mv_volume_view(T, &view, &v, start, sizes[s]));
                if (to_png(&g, &view, level ? &opt : NULL)) {
                    CHECK(g.bpp == size && g.ppm_x == 1000 && g.ppm_y == 1000);
                    for (y = 0; y < h; y++)
                        CHECK(!memcmp(g.px + y * w * size,
                            (unsigned char *)v.data + ((y + 2) * big[0] + 1) * size, w * size));
                }
                free(g.px);
                mv_volume_free(T, &v);
            }
}
static void png_filters(void) { /* pictures made for one filter each */
    int f;
    for (f = 0; f < 5; f++) {
        size_t dim[2] = {50, 40}, x, y;
        unsigned char px[40][50];
        mv_volume v;
        picture g;
        for (y = 0; y < 40; y++)
            for (x = 0; x < 50; x++) {
                int a = x ? px[y][x - 1] : 0, b = y ? px[y - 1][x] : 0, c = x && y ? px[y - 1][x - 1] : 0;
                int guess[5];
                guess[0] = 0;
                guess[1] = a;
                guess[2] = b;
                guess[3] = (a + b) / 2;
                guess[4] = near_of(a, b, c);
                if (y == 0 || x == 0 || t_bits() % 8 == 0) px[y][x] = (unsigned char)t_bits();
                else px[y][x] = (unsigned char)((uint64_t)guess[f] + (f ? 0 : t_bits() % 8 * 32));
            }
        CHECK_OK(mv_volume_wrap(T, &v, px, MEDVOL_U8, 2, dim, NULL));
        if (to_png(&g, &v, NULL)) {
            if (f) CHECK(g.filters[f] >= 30);
            CHECK(!memcmp(g.px, px, sizeof px));
        }
        free(g.px);
    }
}
/* least and greatest value farther apart than the largest double */
static void png_wide_window(void) {
    double x[5] = {-1.6e308, -0.8e308, 0.0, 0.8e308, 1.6e308};
    static const unsigned char want[5] = {0, 64, 128, 191, 255};
    size_t dim[2] = {5, 1};
    mv_volume v;
    picture g;
    CHECK_OK(mv_volume_wrap(T, &v, x, MEDVOL_F64, 2, dim, NULL));
    if (to_png(&g, &v, NULL)) CHECK(!memcmp(g.px, want, 5));
    free(g.px);
}
/* colours that are all grey are stored as grey; one that is not, and they are colours */
static void png_grey_rgb(void) {
    unsigned char px[3 * 40 * 30];
    size_t dim[2] = {40, 30}, i;
    mv_volume v;
    picture g;
    for (i = 0; i < 1200; i++) px[3 * i] = px[3 * i + 1] = px[3 * i + 2] = (unsigned char)t_bits();
    CHECK_OK(mv_volume_wrap(T, &v, px, MEDVOL_RGB24, 2, dim, NULL));
    if (to_png(&g, &v, NULL)) {
        CHECK(g.bpp == 1);
        for (i = 0; i < 1200; i++) CHECK(g.px[i] == px[3 * i]);
    }
    free(g.px);
    px[3599] ^= 1;
    if (to_png(&g, &v, NULL)) CHECK(g.bpp == 3 && !memcmp(g.px, px, sizeof px));
    free(g.px);
}
static void png_density(void) { /* stated only when both can be: 1 to 2^31 - 1 pixels a metre */
    static const double least = 1000.0 / 2147483647.0;
    static const struct { double x, y; unsigned ppm_x, ppm_y; } rows[] = {{1000, 1000, 1, 1},
        {least, 0.5, 2147483647, 2000}, {0.5, least, 2000, 2147483647}, {2100, 1, 0, 0}, {1, 2100, 0, 0},
        {least / 2, 1, 0, 0}, {1, least / 2, 0, 0}, {0, 1, 0, 0}, {1, 0, 0, 0}};
    unsigned char voxel[6] = {0};
    size_t dim[2] = {3, 2}, i;
    for (i = 0; i < sizeof rows / sizeof *rows; i++) {
        mv_volume v;
        picture g;
        CHECK_OK(mv_volume_wrap(T, &v, voxel, MEDVOL_U8, 2, dim, NULL));
        v.affine[0] = rows[i].x, v.affine[5] = rows[i].y;
        if (to_png(&g, &v, NULL)) CHECK(g.ppm_x == rows[i].ppm_x && g.ppm_y == rows[i].ppm_y);
        free(g.px);
    }
}
static void png_window(void) {
    float f[6];
    int16_t i16[5] = {-3, 0, 7, 8, 100};
    unsigned char u8[3] = {10, 20, 30};
    size_t n6 = 6, n5 = 5, n3 = 3, k;
    mv_volume v;
    mv_png_opt opt = {0};
    picture g;
    double spacing[3] = {0.5, 2.0, 1.0};
    f[0] = -2.0f, f[1] = 0.0f, f[2] = 1.0f, f[3] = 3.0f, f[4] = NAN, f[5] = INFINITY;
    CHECK_OK(mv_volume_wrap(T, &v, f, MEDVOL_F32, 1, &n6, NULL));
    mv_affine_from_spacing(v.affine, spacing, NULL);
    if (to_png(&g, &v, NULL)) { /* finite range -2..3 */
        static const unsigned char want[6] = {0, 102, 153, 255, 0, 255};
        CHECK(!memcmp(g.px, want, 6));
        CHECK(g.ppm_x == 2000 && g.ppm_y == 500);
    }
    free(g.px);
    opt.lo = 0.0;
    opt.hi = 2.0;
    if (to_png(&g, &v, &opt)) {
        static const unsigned char want[6] = {0, 0, 128, 255, 0, 255};
        CHECK(!memcmp(g.px, want, 6));
    }
    free(g.px);
    CHECK_OK(mv_volume_wrap(T, &v, i16, MEDVOL_I16, 1, &n5, NULL));
    v.slope = 0.5;
    v.inter = 1.0; /* real: -0.5 1 4.5 5 51 */
    v.affine[0] = 0.0;
    opt.hi = 10.0;
    if (to_png(&g, &v, &opt)) {
        double real[5] = {0.0, 1.0, 4.5, 5.0, 10.0};
        for (k = 0; k < 5; k++) CHECK_NEAR(g.px[k], 25.5 * real[k], 0.5);
        CHECK(g.ppm_x == 0);
    }
    free(g.px);
    CHECK_OK(mv_volume_wrap(T, &v, u8, MEDVOL_U8, 1, &n3, NULL));
    opt.lo = 10.0;
    opt.hi = 30.0;
    if (to_png(&g, &v, &opt)) CHECK(g.px[0] == 0 && g.px[1] == 128 && g.px[2] == 255);
    free(g.px);
    f[0] = f[1] = f[2] = f[3] = f[4] = f[5] = NAN;
    CHECK_OK(mv_volume_wrap(T, &v, f, MEDVOL_F32, 1, &n6, NULL));
    if (to_png(&g, &v, NULL)) CHECK(g.px[0] == 0 && g.px[5] == 0);
    free(g.px);
}
static int stop_at_once(void *user, double done, double total, const char *label) {
    (void)user, (void)done, (void)total, (void)label;
    return 1;
}
static void png_bad(void) {
    unsigned char px[12] = {0}, out[4096];
    size_t d2[2] = {4, 3}, d3[3] = {2, 2, 3}, huge[2] = {(size_t)1 << 20, (size_t)1 << 12}, n = 5, k;
    mv_volume v, w;
    mv_png_opt opt = {0};
    CHECK_OK(mv_volume_wrap(T, &v, px, MEDVOL_U8, 2, d2, NULL));
    CHECK_STATUS(mv_save_png_mem(T, NULL, 10, &v, NULL, &n), MEDVOL_E_NULL);
    CHECK_STATUS(mv_save_png_mem(T, out, sizeof out, NULL, NULL, &n), MEDVOL_E_NULL);
    CHECK_STATUS(mv_save_png_mem(T, out, sizeof out, &v, NULL, NULL), MEDVOL_E_NULL);
    CHECK_STATUS(mv_save_png(T, &v, NULL, NULL), MEDVOL_E_NULL);
    CHECK_STATUS(mv_save_png(T, &v, "", NULL), MEDVOL_E_NOTFOUND);
    opt.level = 10;
    CHECK_STATUS(mv_save_png_mem(T, out, sizeof out, &v, &opt, &n), MEDVOL_E_RANGE);
    opt.level = -1;
    CHECK_STATUS(mv_save_png_mem(T, out, sizeof out, &v, &opt, &n), MEDVOL_E_RANGE);
    opt.level = 0;
    opt.lo = 3;
    CHECK_STATUS(mv_save_png_mem(T, out, sizeof out, &v, &opt, &n), MEDVOL_E_RANGE);
    opt.lo = 0;
    opt.hi = NAN;
    CHECK_STATUS(mv_save_png_mem(T, out, sizeof out, &v, &opt, &n), MEDVOL_E_RANGE);
    for (k = 0; k < 100; k++) {
        mv_status st = mv_save_png_mem(T, out, k, &v, NULL, &n);
        CHECK(st == MEDVOL_OK ? n <= k : st == MEDVOL_E_SPACE && n == 0);
    }
    CHECK_STATUS(mv_save_png_mem(T, px, sizeof px + 100, &v, NULL, &n), MEDVOL_E_ALIAS);
    CHECK_OK(mv_volume_wrap(T, &w, px, MEDVOL_U8, 3, d3, NULL));
    CHECK_STATUS(mv_save_png_mem(T, out, sizeof out, &w, NULL, &n), MEDVOL_E_SHAPE);
    CHECK(mv_png_bound(&w) == 0 && mv_png_bound(NULL) == 0);
    if (sizeof(size_t) > 4) { /* never read: refused by size */
        CHECK_OK(mv_volume_wrap(T, &w, px, MEDVOL_U8, 2, huge, NULL));
        CHECK_STATUS(mv_save_png_mem(T, out, sizeof out, &w, NULL, &n), MEDVOL_E_SIZE);
    } else CHECK_STATUS(mv_volume_wrap(T, &w, px, MEDVOL_U8, 2, huge, NULL), MEDVOL_E_SIZE);
    w = v;
    w.dtype = MEDVOL_C64;
    CHECK_STATUS(mv_save_png_mem(T, out, sizeof out, &w, NULL, &n), MEDVOL_E_DTYPE);
    T->desc.progress = stop_at_once;
    CHECK_STATUS(mv_save_png_mem(T, out, sizeof out, &v, NULL, &n), MEDVOL_E_CANCELLED);
    T->desc.progress = NULL;
    for (k = 1; k < 20; k++) {
        mv_status st;
        t_fail_alloc(k, 0);
        st = mv_save_png_mem(T, out, sizeof out, &v, NULL, &n);
        t_fail_alloc(0, 0);
        if (st == MEDVOL_OK) break;
        CHECK(st == MEDVOL_E_NOMEM);
    }
    CHECK(k > 1 && k < 20);
}
static void png_file(void) {
    unsigned char px[300], mem[2048], file[2048];
    size_t dim[2] = {20, 15}, n = 0, m, i;
    mv_volume v;
    FILE *f;
    for (i = 0; i < 300; i++) px[i] = (unsigned char)(t_bits() % 7);
    CHECK_OK(mv_volume_wrap(T, &v, px, MEDVOL_U8, 2, dim, NULL));
    CHECK_OK(mv_save_png_mem(T, mem, sizeof mem, &v, NULL, &n));
    CHECK_OK(mv_save_png(T, &v, t_path("picture.png"), NULL));
    if ((f = fopen(t_path("picture.png"), "rb")) != NULL) {
        m = fread(file, 1, sizeof file, f);
        fclose(f);
        CHECK(m == n && !memcmp(mem, file, n));
    } else CHECK(!"picture.png can be opened");
    CHECK(mv_save_png(T, &v, t_path("no/such/folder/picture.png"), NULL) < 0);
    CHECK(strstr(mv_message(T), "picture.png") != NULL);
}

/* ---- the three planes ---- */
static int grey_at(const mv_volume *p, size_t x, size_t y) {
    const unsigned char *q = (const unsigned char *)p->data + 3 * (y * (size_t)p->stride[1] + x);
    return q[0] == q[1] && q[1] == q[2] ? q[0] : -1;
}
/* A volume of any of the 48 orientations whose values are a function of the patient position (x, y, z), 0 <=
   x < 5 ... */
static int coded(int x, int y, int z) { return 3 + 7 * x + 40 * y + z * 11; }
static const size_t N[3] = {5, 4, 6};
static void planes_orientations(void) {
    static const int perm[6][3] = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};
    int o, flips, mirror, c, w;
    for (o = 0; o < 6; o++)
        for (flips = 0; flips < 8; flips++)
            for (mirror = 0; mirror < 2; mirror++) {
                mv_volume v = {0}, p = {0};
                mv_render_opt opt = {0};
                size_t dim[3], i[3], x, y;
                double point[3] = {3, 1, 4};
                for (c = 0; c < 3; c++) dim[c] = N[perm[o][c]];
                CHECK_OK(mv_volume_alloc(T, &v, MEDVOL_I16, 3, dim));
                memset(v.affine, 0, sizeof v.affine);
                for (c = 0; c < 3; c++) { /* voxel axis c runs along patient axis perm[o][c] */
                    w = perm[o][c];
                    v.affine[4 * w + c] = flips >> c & 1 ? -1.0 : 1.0;
                    v.affine[4 * w + 3] = flips >> c & 1 ? (double)(N[w] - 1) : 0.0;
                }
                for (i[2] = 0; i[2] < dim[2]; i[2]++)
                    for (i[1] = 0; i[1] < dim[1]; i[1]++)
                        for (i[0] = 0; i[0] < dim[0]; i[0]++) {
                            int xyz[3];
                            for (c = 0; c < 3; c++)
                                xyz[perm[o][c]] = (int)(flips >> c & 1 ? dim[c] - 1 - i[c] : i[c]);
                            ((int16_t *)v.data)[i[0] + dim[0] * (i[1] + dim[1] * i[2])] = (int16_t)coded(
                                xyz[0], xyz[1], xyz[2]);
                        }
                opt.lo = 0;
                opt.hi = 255;
                opt.point = point;
                opt.radiological = mirror;
                CHECK_OK(mv_render_planes(T, &p, &v, &opt));
                CHECK(
                    p.dtype == MEDVOL_RGB24 && p.ndim == 2 && p.dim[0] == 5 + 2 + 5 + 2 + 4 && p.dim[1] == 6);
                for (y = 0; y < 6; y++)
                    for (x = 0; x < 5; x++) {
                        int k = (int)(mirror ? 4 - x : x);
                        /* axial, centred */
                        if (y >= 1 && y < 5) CHECK(grey_at(&p, x, y) == coded(k, 3 - (int)(y - 1), 4));
                        else CHECK(grey_at(&p, x, y) == 0);
                        CHECK(grey_at(&p, 7 + x, y) == coded(k, 1, 5 - (int)y));
                        if (x < 4)
                            CHECK(grey_at(&p, 14 + x, y) == coded(3, (int)(mirror ? 3 - x : x), 5 - (int)y));
                        if (x < 2) CHECK(grey_at(&p, 5 + x, y) == 0 && grey_at(&p, 12 + x, y) == 0);
                    }
                mv_volume_free(T, &p);
                mv_volume_free(T, &v);
            }
}
/* a linear ramp stays one between the outer voxel centres, whatever the pixel size */
static void planes_millimetres(void) {
    static const double sizes[3] = {1.0, 0.25, 2.0};
    int s;
    for (s = 0; s < 3; s++) {
        size_t dim[3] = {12, 30, 9}, i, x, y;
        double mm[3] = {3.0, 1.0, 4.0};
        mv_volume v = {0}, p = {0};
        mv_render_opt opt = {0};
        CHECK_OK(mv_volume_alloc(T, &v, MEDVOL_F64, 3, dim));
        mv_affine_from_spacing(v.affine, mm, NULL);
        for (i = 0; i < 12 * 30 * 9; i++)
            ((double *)v.data)[i] = (double)(i % 12) * 3.0 + (double)(i / 12 % 30) * 1.0;
        opt.lo = 0;
        opt.hi = 255;
        opt.mm_per_pixel = sizes[s];
        opt.no_letters = 1;
        CHECK_OK(mv_render_planes(T, &p, &v, &opt));
        CHECK(p.dim[0] == (size_t)(36 / sizes[s]) * 2 + (size_t)(30 / sizes[s]) + 4);
        CHECK(p.dim[1] == (size_t)(36 / sizes[s]));
        CHECK(p.affine[0] == sizes[s] && p.affine[5] == sizes[s]);
        for (y = 0; y < (size_t)(30 / sizes[s]); y++)
            for (x = 0; x < (size_t)(36 / sizes[s]); x++) {
                double u = ((double)x + 0.5) * sizes[s] - 1.5, w = 29.5 - ((double)y + 0.5) * sizes[s];
                if (u < 2.0 || u > 31.0 || w < 2.0 || w > 27.0) continue;
                CHECK_NEAR(grey_at(&p, x, y + (p.dim[1] - (size_t)(30 / sizes[s])) / 2), u + w, 0.51);
            }
        mv_volume_free(T, &p);
        opt.nearest = 1;
        opt.mm_per_pixel = 0.5;
        CHECK_OK(mv_render_planes(T, &p, &v, &opt));
        CHECK(grey_at(&p, 0, 6 + 59) == 0 && grey_at(&p, 5, 6 + 58) == 0 && grey_at(&p, 6, 6 + 57) == 4);
        mv_volume_free(T, &p);
        mv_volume_free(T, &v);
    }
}
/* 1000 values in random order, some of them not numbers: the ranks are known */
static void planes_window(void) {
    float f[1010];
    size_t dim[2] = {101, 10}, i, k;
    mv_volume v, p = {0};
    for (i = 0; i < 1010; i++) f[i] = i < 1000 ? (float)i - 300.0f : i % 2 ? NAN : INFINITY;
    for (i = 0; i < 1010; i++) {
        float t = f[i];
        k = t_bits() % 1010;
        f[i] = f[k];
        f[k] = t;
    }
    CHECK_OK(mv_volume_wrap(T, &v, f, MEDVOL_F32, 2, dim, NULL));
    CHECK_OK(mv_render_planes(T, &p, &v, NULL));
    CHECK(p.dim[0] == 101 && p.dim[1] == 10);
    for (i = 0; i < 1010 && p.data; i++) { /* black is the 10th value, white the 990th */
        double want = f[i] != f[i] ? 0.0 : (f[i] + 291.0) / (689.0 + 291.0) * 255.0;
        want = want < 0 ? 0 : want > 255 ? 255 : want;
        CHECK_NEAR(grey_at(&p, i % 101, 9 - i / 101), want, 0.51);
    }
    mv_volume_free(T, &p);
    for (i = 0; i < 1010; i++) f[i] = i == 7 ? 5.0f : -1.0f; /* percentiles equal: least and greatest */
    CHECK_OK(mv_render_planes(T, &p, &v, NULL));
    if (p.data) CHECK(grey_at(&p, 7, 9) == 255 && grey_at(&p, 8, 9) == 0);
    mv_volume_free(T, &p);
    for (i = 0; i < 1010; i++) f[i] = 4.0f;
    CHECK_OK(mv_render_planes(T, &p, &v, NULL));
    if (p.data) CHECK(grey_at(&p, 7, 9) == 0);
    mv_volume_free(T, &p);
}
static void planes_types(void) {
    float c64[8] = {3, 4, 6, 8, 0, 0, -5, 12};
    unsigned char rgb[12] = {1, 2, 3, 40, 50, 60, 7, 8, 9, 100, 110, 120},
                  rgba[8] = {200, 100, 50, 255, 200, 100, 50, 51};
    uint8_t series[2 * 2 * 1 * 2 * 3];
    size_t d2[2] = {2, 2}, d1[2] = {2, 1}, d5[5] = {2, 2, 1, 2, 3}, i;
    mv_volume v, p = {0};
    mv_render_opt opt = {0};
    opt.hi = 255.0;
    CHECK_OK(mv_volume_wrap(T, &v, c64, MEDVOL_C64, 2, d2, NULL));
    CHECK_OK(mv_render_planes(T, &p, &v, &opt));
    if (p.data)
        CHECK(grey_at(&p, 0, 1) == 5 && grey_at(&p, 1, 1) == 10 && grey_at(&p, 0, 0) == 0 &&
            grey_at(&p, 1, 0) == 13);
    v.slope = 2, v.inter = 1; /* of each part: |7 + 9i|, |13 + 17i|, |1 + i|, |-9 + 25i| */
    CHECK_OK(mv_render_planes(T, &p, &v, &opt));
    CHECK(grey_at(&p, 0, 1) == 11 && grey_at(&p, 1, 1) == 21 && grey_at(&p, 0, 0) == 1 &&
        grey_at(&p, 1, 0) == 27);
    mv_volume_free(T, &p);
    CHECK_OK(mv_volume_wrap(T, &v, rgb, MEDVOL_RGB24, 2, d2, NULL));
    CHECK_OK(mv_render_planes(T, &p, &v, NULL));
    if (p.data) CHECK(!memcmp(p.data, rgb + 6, 6) && !memcmp((char *)p.data + 6, rgb, 6));
    mv_volume_free(T, &p);
    CHECK_OK(mv_volume_wrap(T, &v, rgba, MEDVOL_RGBA32, 2, d1, NULL));
    CHECK_OK(mv_render_planes(T, &p, &v, NULL));
    if (p.data) {
        static const unsigned char want[6] = {200, 100, 50, 40, 20, 10};
        CHECK(!memcmp(p.data, want, 6));
    }
    mv_volume_free(T, &p);
    for (i = 0; i < sizeof series; i++) series[i] = (uint8_t)(10 * i);
    CHECK_OK(mv_volume_wrap(T, &v, series, MEDVOL_U8, 5, d5, NULL));
    v.slope = 0.5;
    v.inter = 1.0;
    for (opt.frame = 0; opt.frame < 6; opt.frame++) {
        CHECK_OK(mv_render_planes(T, &p, &v, &opt));
        if (p.data) CHECK(grey_at(&p, 1, 1) == (int)(5 * (4 * opt.frame + 1) + 1));
        mv_volume_free(T, &p);
    }
    CHECK_STATUS(mv_render_planes(T, &p, &v, &opt), MEDVOL_E_RANGE);
}
static size_t whites(const mv_volume *p, size_t x0, size_t x1, size_t y0, size_t y1) {
    size_t x, y, n = 0;
    for (y = y0; y < y1; y++)
        for (x = x0; x < x1; x++) n += grey_at(p, x, y) == 255;
    return n;
}
static void planes_letters(void) { /* dots of L 11, R 18, A 16, P 15, S 15, I 11, each where it belongs */
    size_t dim[3] = {60, 50, 70};
    mv_volume v = {0}, p = {0};
    mv_render_opt opt = {0};
    int mirror;
    CHECK_OK(mv_volume_alloc(T, &v, MEDVOL_U8, 3, dim));
    memset(v.data, 0, 60 * 50 * 70);
    opt.hi = 1;
    for (mirror = 0; mirror < 2; mirror++) {
        size_t l = mirror ? 18 : 11, r = mirror ? 11 : 18;
        opt.radiological = mirror;
        CHECK_OK(mv_render_planes(T, &p, &v, &opt));
        if (!p.data) return;
        CHECK(p.dim[0] == 60 + 2 + 60 + 2 + 50 && p.dim[1] == 70);
        CHECK(whites(&p, 0, 20, 25, 45) == l && whites(&p, 40, 60, 25, 45) == r);
        CHECK(whites(&p, 20, 40, 10, 25) == 16 && whites(&p, 20, 40, 45, 60) == 15);
        CHECK(whites(&p, 62, 82, 25, 45) == l && whites(&p, 102, 122, 25, 45) == r);
        CHECK(whites(&p, 82, 102, 0, 20) == 15 && whites(&p, 82, 102, 50, 70) == 11);
        CHECK(whites(&p, 124, 140, 25, 45) == (mirror ? 16u : 15u) &&
            whites(&p, 158, 174, 25, 45) == (mirror ? 15u : 16u));
        CHECK(whites(&p, 0, p.dim[0], 0, p.dim[1]) == 2 * 29 + 31 + 26 + 31 + 26);
        mv_volume_free(T, &p);
    }
    opt.no_letters = opt.crosshair = 1;
    CHECK_OK(mv_render_planes(T, &p, &v, &opt));
    CHECK(whites(&p, 0, p.dim[0], 0, p.dim[1]) == 0 && grey_at(&p, 5, 10 + 24) == -1 &&
        grey_at(&p, 5, 10 + 25) == 0);
    mv_volume_free(T, &p);
    mv_volume_free(T, &v);
}
static void planes_bad(void) {
    uint8_t px[3 * 4 * 5] = {0};
    size_t dim[3] = {3, 4, 5}, d2[2] = {7, 7}, one[3] = {1, 1, 1}, line[3] = {1, 6, 1}, k;
    double outside[3] = {2.6, 0, 0}, nan[3] = {0, NAN, 0}, inside[3] = {2, 3, 4};
    mv_volume v, p = {0}, q = {0};
    mv_render_opt opt = {0};
    CHECK_OK(mv_volume_wrap(T, &v, px, MEDVOL_U8, 3, dim, NULL));
    CHECK_STATUS(mv_render_planes(T, NULL, &v, NULL), MEDVOL_E_NULL);
    CHECK_STATUS(mv_render_planes(T, &p, NULL, NULL), MEDVOL_E_NULL);
    CHECK_STATUS(mv_render_planes(T, &p, &q, NULL), MEDVOL_E_NULL);
    opt.point = outside;
    CHECK_STATUS(mv_render_planes(T, &p, &v, &opt), MEDVOL_E_RANGE);
    opt.point = nan;
    CHECK_STATUS(mv_render_planes(T, &p, &v, &opt), MEDVOL_E_RANGE);
    opt.point = inside;
    v.affine[0] = 0;
    CHECK_STATUS(mv_render_planes(T, &p, &v, &opt), MEDVOL_E_SINGULAR);
    opt.point_is_voxel = 1;
    CHECK_OK(mv_render_planes(T, &p, &v, &opt));
    mv_volume_free(T, &p);
    for (k = 0; k < 12; k++) v.affine[k] = NAN; /* no geometry: shown as stored, 1 mm */
    CHECK_OK(mv_render_planes(T, &p, &v, NULL));
    CHECK(p.dim[0] == 3 + 2 + 3 + 2 + 4 && p.dim[1] == 5);
    mv_volume_free(T, &p);
    mv_affine_identity(v.affine);
    memset(&opt, 0, sizeof opt);
    opt.lo = 1;
    CHECK_STATUS(mv_render_planes(T, &p, &v, &opt), MEDVOL_E_RANGE);
    opt.hi = INFINITY;
    CHECK_STATUS(mv_render_planes(T, &p, &v, &opt), MEDVOL_E_RANGE);
    opt.lo = opt.hi = 0;
    opt.mm_per_pixel = -1;
    CHECK_STATUS(mv_render_planes(T, &p, &v, &opt), MEDVOL_E_RANGE);
    opt.mm_per_pixel = 1e-300; /* bounded by 4096 pixels */
    CHECK_OK(mv_render_planes(T, &p, &v, &opt));
    CHECK(p.dim[0] <= 4096 && p.dim[0] > 4000 && p.dim[1] <= 4096);
    mv_volume_free(T, &p);
    v.dim[1] = v.dim[2] = 2; /* a line as wide as allowed: 2^24 pixels, not as many as can be asked for */
    v.affine[5] = v.affine[10] = 1e-20;
    opt.max_width = SIZE_MAX;
    CHECK_OK(mv_render_planes(T, &p, &v, &opt));
    CHECK(p.dim[0] <= (size_t)1 << 24 && p.dim[0] > 10000000 && p.dim[1] == 1);
    mv_volume_free(T, &p);
    CHECK_OK(mv_volume_wrap(T, &v, px, MEDVOL_U8, 3, dim, NULL));
    opt.max_width = 2;
    CHECK_STATUS(mv_render_planes(T, &p, &v, &opt), MEDVOL_E_RANGE);
    opt.max_width = 30;
    CHECK_OK(mv_render_planes(T, &p, &v, &opt));
    CHECK(p.dim[0] <= 30 && p.dim[0] >= 26);
    mv_volume_free(T, &p);
    v.dtype = MEDVOL_F128;
    v.dim[0] = v.dim[1] = v.dim[2] = 1;
    CHECK_STATUS(mv_render_planes(T, &p, &v, NULL), MEDVOL_E_DTYPE);
    CHECK_OK(mv_volume_wrap(T, &v, px, MEDVOL_U8, 3, one, NULL));
    CHECK_OK(mv_render_planes(T, &p, &v, NULL));
    CHECK(p.dim[0] == 1 && p.dim[1] == 1);
    mv_volume_free(T, &p);
    CHECK_OK(mv_volume_wrap(T, &v, px, MEDVOL_U8, 3, line, NULL));
    CHECK_OK(mv_render_planes(T, &p, &v, NULL));
    CHECK(p.dim[0] == 1 && p.dim[1] == 6);
    mv_volume_free(T, &p);
    CHECK_OK(mv_volume_wrap(T, &v, px, MEDVOL_U8, 3, dim, NULL));
    CHECK_OK(mv_volume_alloc(T, &p, MEDVOL_RGB24, 2, d2));
    CHECK_STATUS(mv_render_planes(T, &p, &v, NULL), MEDVOL_E_SHAPE);
    mv_volume_free(T, &p);
    T->desc.progress = stop_at_once;
    CHECK_STATUS(mv_render_planes(T, &p, &v, NULL), MEDVOL_E_CANCELLED);
    CHECK(p.data == NULL);
    T->desc.progress = NULL;
    for (k = 1; k < 9; k++) {
        mv_status st;
        t_fail_alloc(k, 0);
        st = mv_render_planes(T, &p, &v, NULL);
        t_fail_alloc(0, 0);
        if (st == MEDVOL_OK) break;
        CHECK(st == MEDVOL_E_NOMEM && p.data == NULL);
    }
    CHECK(k > 1 && k < 9);
    mv_volume_free(T, &p);
    CHECK_OK(mv_volume_copy(T, &q, &v)); /* dst == src: the volume becomes its picture */
    CHECK_OK(mv_render_planes(T, &q, &q, NULL));
    CHECK(q.dtype == MEDVOL_RGB24 && q.ndim == 2);
    mv_volume_free(T, &q);
}

const t_case tests_pictures[] = {{"png_exact", png_exact, T_ONCE},
                                 {"png_filters", png_filters, T_ONCE},
                                 {"png_wide_window", png_wide_window, T_ONCE},
                                 {"png_grey_rgb", png_grey_rgb, T_ONCE},
                                 {"png_density", png_density, T_ONCE},
                                 {"png_window", png_window, 0},
                                 {"png_bad", png_bad, T_ONCE},
                                 {"png_file", png_file, T_ONCE},
                                 {"planes_orientations", planes_orientations, T_ONCE},
                                 {"planes_millimetres", planes_millimetres, 0},
                                 {"planes_window", planes_window, 0},
                                 {"planes_types", planes_types, 0},
                                 {"planes_letters", planes_letters, T_ONCE},
                                 {"planes_bad", planes_bad, T_ONCE},
                                 {NULL, NULL, 0}};
