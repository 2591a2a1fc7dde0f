/* test_layers.c - composition of layers against the standards' formulas written down once more in doubles;
   contrast against OpenCV and scikit-image; pictures pixel by pixel. */
#include "test.h"

enum { MODES = 27 };
static const char *const mode_name[MODES] = {"normal", "dissolve", "darken", "multiply", "colour burn",
    "linear burn", "darker colour", "lighten", "screen", "colour dodge", "add", "lighter colour", "overlay",
    "soft light", "hard light", "vivid light", "linear light", "pin light", "hard mix", "difference",
    "exclusion", "subtract", "divide", "hue", "saturation", "colour", "luminosity"};
static int whole_colour(int mode) { return mode == 6 || mode == 11 || mode >= 23; }
static double hold(double x) { return x < 0 ? 0 : x > 255 ? 255 : x; }
/* one channel, 0..255, quotients of whole numbers so that halves are halves */
static double burn(double b, double s) {
    return b == 255 ? 255 : s == 0 ? 0 : hold(255 - 255 * (255 - b) / s);
}
static double dodge(double b, double s) { return b == 0 ? 0 : s == 255 ? 255 : hold(255 * b / (255 - s)); }
static double hard(double b, double s) {
    return s <= 127.5 ? 2 * b * s / 255 : 255 - 2 * (255 - b) * (255 - s) / 255;
}
static double soft(double b, double s) {
    const double x = b / 255, y = s / 255;
    if (y <= 0.5) return 255 * (x - (1 - 2 * y) * x * (1 - x));
    return 255 * (x + (2 * y - 1) * ((x <= 0.25 ? ((16 * x - 12) * x + 4) * x : sqrt(x)) - x));
}
static double channel(int mode, double b, double s) {
    switch (mode) {
        case MEDVOL_BLEND_DARKEN: return fmin(b, s);
        case MEDVOL_BLEND_MULTIPLY: return b * s / 255;
        case MEDVOL_BLEND_COLOUR_BURN: return burn(b, s);
        case MEDVOL_BLEND_LINEAR_BURN: return hold(b + s - 255);
        case MEDVOL_BLEND_LIGHTEN: return fmax(b, s);
        case MEDVOL_BLEND_SCREEN: return b + s - b * s / 255;
        case MEDVOL_BLEND_COLOUR_DODGE: return dodge(b, s);
        case MEDVOL_BLEND_ADD: return hold(b + s);
        case MEDVOL_BLEND_OVERLAY: return hard(s, b);
        case MEDVOL_BLEND_SOFT_LIGHT: return soft(b, s);
        case MEDVOL_BLEND_HARD_LIGHT: return hard(b, s);
        case MEDVOL_BLEND_VIVID_LIGHT: return s <= 127.5 ? burn(b, 2 * s) : dodge(b, 2 * s - 255);
        case MEDVOL_BLEND_LINEAR_LIGHT: return hold(b + 2 * s - 255);
        case MEDVOL_BLEND_PIN_LIGHT: return s <= 127.5 ? fmin(b, 2 * s) : fmax(b, 2 * s - 255);
        case MEDVOL_BLEND_HARD_MIX: return b + s >= 255 ? 255 : 0;
        case MEDVOL_BLEND_DIFFERENCE: return fabs(b - s);
        case MEDVOL_BLEND_EXCLUSION: return b + s - 2 * b * s / 255;
        case MEDVOL_BLEND_SUBTRACT: return hold(b - s);
        case MEDVOL_BLEND_DIVIDE: return b == 0 ? 0 : s == 0 ? 255 : hold(255 * b / s);
        default: return s;
    }
}
static double lum(const double *c) { return 0.3 * c[0] + 0.59 * c[1] + 0.11 * c[2]; }
static double least(const double *c) { return fmin(c[0], fmin(c[1], c[2])); }
static double most(const double *c) { return fmax(c[0], fmax(c[1], c[2])); }
static void set_lum(double *c, double l) { /* W3C: SetLum with ClipColor */
    const double d = l - lum(c);
    double n, x;
    int k;
    for (k = 0; k < 3; k++) c[k] += d;
    l = lum(c), n = least(c), x = most(c);
    for (k = 0; k < 3; k++) {
        if (n < -1e-9) c[k] = l + (c[k] - l) * l / (l - n);
        if (x > 255 + 1e-9) c[k] = l + (c[k] - l) * (255 - l) / (x - l);
    }
}
static void set_sat(double *c, double s) {
    const double n = least(c), x = most(c);
    int k;
    for (k = 0; k < 3; k++) c[k] = x > n ? (c[k] - n) * s / (x - n) : 0;
}
static void colours(int mode, double *out, const double *b, const double *s) {
    const double *from = s;
    int k;
    if (!whole_colour(mode)) {
        for (k = 0; k < 3; k++) out[k] = channel(mode, b[k], s[k]);
        return;
    }
    if (mode == MEDVOL_BLEND_SATURATION || mode == MEDVOL_BLEND_LUMINOSITY) from = b;
    if (mode == MEDVOL_BLEND_DARKER_COLOUR) from = s[0] + s[1] + s[2] < b[0] + b[1] + b[2] ? s : b;
    if (mode == MEDVOL_BLEND_LIGHTER_COLOUR) from = s[0] + s[1] + s[2] > b[0] + b[1] + b[2] ? s : b;
    for (k = 0; k < 3; k++) out[k] = from[k];
    if (mode == MEDVOL_BLEND_HUE) set_sat(out, most(b) - least(b));
    if (mode == MEDVOL_BLEND_SATURATION) set_sat(out, most(s) - least(s));
    if (mode >= MEDVOL_BLEND_HUE) set_lum(out, lum(mode == MEDVOL_BLEND_LUMINOSITY ? s : b));
}
static double half_up(double x) { return floor(x + 0.5); }
static int rounded(double got, double x) { /* to nearest; beside a half either way */
    return got == half_up(x) || fabs(fabs(got - x) - 0.5) < 1e-9;
}
static mv_volume image(mv_dtype type, size_t w, size_t h, void *data) {
    mv_volume v = {0};
    size_t dim[2];
    dim[0] = w, dim[1] = h;
    if (data) CHECK_OK(mv_volume_wrap(T, &v, data, type, 2, dim, NULL));
    else CHECK_OK(mv_volume_alloc(T, &v, type, 2, dim));
    return v;
}
static unsigned char *bytes(const mv_volume *v) { return (unsigned char *)v->data; }
static mv_layer one(const mv_volume *v, int mode, double opacity) {
    mv_layer l = {0};
    l.image = v, l.mode = (mv_blend)mode, l.opacity = opacity;
    return l;
}

/* all pairs of greys, every mode, some opacities, straight and inverted; then an alpha of its own */
static void pairs(void) {
    static unsigned char px[2][65536], cover[65536];
    static const double opacities[6] = {1, 0.5, 1 / 255.0, 0.7, 254.4 / 255, 0};
    mv_volume b = image(MEDVOL_U8, 256, 256, px[0]), s = image(MEDVOL_U8, 256, 256, px[1]),
              a = image(MEDVOL_U8, 256, 256, cover), d = image(MEDVOL_U8, 256, 256, NULL);
    int mode, k, turn, masked;
    size_t i;
    t_seed(4);
    for (i = 0; i < 65536; i++) {
        px[0][i] = (unsigned char)(i % 256), px[1][i] = (unsigned char)(i / 256);
        cover[i] = (unsigned char)t_bits();
    }
    for (mode = 0; mode < MODES; mode++)
        for (k = 0; k < 6; k++)
            for (turn = 0; turn < 2; turn++)
                for (masked = 0; masked < 2; masked++) {
                    mv_layer l = one(&s, mode, opacities[k]);
                    if ((turn || masked) && k > 1) continue;
                    if (mode == MEDVOL_BLEND_DISSOLVE && (masked || (k && k < 5))) continue;
                    l.invert = turn;
                    if (masked) l.alpha = &a;
                    CHECK_OK(mv_compose_layers(T, &d, &b, &l, 1, NULL));
                    for (i = 0; i < 65536; i++) {
                        const double x = px[0][i], y = turn ? 255 - px[1][i] : px[1][i];
                        double t = half_up(255 * opacities[k]), m = half_up(channel(mode, x, y));
                        if (mode >= 23 && mode < 26) m = x;
                        if (mode == 6) m = fmin(x, y);
                        if (mode == 11) m = fmax(x, y);
                        if (masked) t = half_up(t * cover[i] / 255);
                        if (bytes(&d)[i] != half_up(((255 - t) * x + t * m) / 255)) break;
                    }
                    if (!CHECK(i == 65536))
                        printf("    %s, opacity %g%s%s: %d over %d gave %d\n", mode_name[mode], opacities[k],
                            turn ? ", inverted" : "", masked ? ", masked" : "", px[1][i], px[0][i],
                            bytes(&d)[i]);
                }
    mv_volume_free(T, &d);
}
/* colours over colours that are opaque or not, of every type; the grey axis among them */
static void colour_modes(void) {
    enum { N = 4099 }; /* prime: one row of an odd length */
    static unsigned char back[N][4], top[N][4], plain[N][3], cover[N];
    size_t i, k;
    int mode, kind, j;
    t_seed(5);
    for (i = 0; i < N; i++) {
        for (k = 0; k < 4; k++) back[i][k] = (unsigned char)t_bits(), top[i][k] = (unsigned char)t_bits();
        if (i % 7 == 0) back[i][1] = back[i][2] = back[i][0];
        if (i % 11 == 0) top[i][1] = top[i][2] = top[i][0];
        if (i % 13 == 0) back[i][0] = i % 2 ? 255 : 0;
        if (i % 17 == 0) top[i][2] = i % 2 ? 255 : 0;
        if (i % 19 == 0) memcpy(top[i], back[i], 3);
        back[i][3] = i % 5 == 0 ? 0 : i % 5 == 1 ? 255 : back[i][3];
        if (i < 1600) back[i][3] = 255; /* whole stretches without holes */
        top[i][3] = i % 3 == 0 ? 0 : i % 3 == 1 ? 255 : top[i][3];
        cover[i] = i % 4 == 0 ? 255 : (unsigned char)t_bits();
        memcpy(plain[i], back[i], 3);
    }
    for (mode = 0; mode < MODES; mode++) {
        if (mode == MEDVOL_BLEND_DISSOLVE) continue;
        for (kind = 0; kind < 6; kind++) { /* rgb24 or rgba32 below; rgba32, rgb24 or grey above */
            const int under = kind & 1 ? 4 : 3, over = kind / 2 == 0 ? 4 : kind / 2 == 1 ? 3 : 1;
            mv_volume b = image(under == 4 ? MEDVOL_RGBA32 : MEDVOL_RGB24, N, 1,
                          under == 4 ? (void *)back : (void *)plain);
            static unsigned char packed[N * 3];
            mv_volume s, a = image(MEDVOL_U8, N, 1, cover), d = {0};
            mv_layer l;
            for (i = 0; i < N; i++)
                for (k = 0; k < 3; k++) packed[over == 1 ? i : 3 * i + k] = top[i][over == 1 ? 0 : k];
            s = image(over == 4 ? MEDVOL_RGBA32 : over == 3 ? MEDVOL_RGB24 : MEDVOL_U8, N, 1,
                over == 4 ? (void *)top : (void *)packed);
            l = one(&s, mode, mode % 2 ? 1.0 : 0.8);
            if (kind > 1) l.alpha = &a;
            l.invert = kind == 3;
            CHECK_OK(mv_compose_layers(T, &d, &b, &l, 1, NULL));
            for (i = 0; i < N; i++) {
                double x[3], y[3], m[3], as = half_up(255 * l.opacity), all;
                const double ab = under == 4 ? back[i][3] : 255;
                int good = 1;
                if (l.alpha) as = half_up(as * cover[i] / 255);
                if (over == 4) as = half_up(as * top[i][3] / 255);
                for (k = 0; k < 3; k++) {
                    x[k] = back[i][k];
                    y[k] = top[i][over == 1 ? 0 : k];
                    if (l.invert) y[k] = 255 - y[k];
                }
                colours(mode, m, x, y);
                all = 255 * (as + ab) - as * ab;
                for (j = 0; j < 3; j++) {
                    const double at = half_up(m[j]), got = bytes(&d)[(size_t)under * i + (size_t)j];
                    double some[2];
                    int e;
                    for (e = 0; e < 2; e++) { /* beside a half B may go either way */
                        const int half = e && fabs(fabs(m[j] - at) - 0.5) < 1e-9;
                        const double t = half ? at + (m[j] > at ? 1 : -1) : at;
                        some[e] = as * (255 - ab) * y[j] + as * ab * t + (255 - as) * ab * x[j];
                        some[e] = all ? some[e] / all : x[j];
                    }
                    good &= rounded(got, some[0]) || rounded(got, some[1]);
                }
                if (under == 4) good &= bytes(&d)[4 * i + 3] == half_up(as + ab - as * ab / 255);
                if (!good) break;
            }
            if (!CHECK(i == N))
                printf("    %s, kind %d, pixel %zu: %d %d %d %d over %d %d %d %d gave %d %d %d\n",
                    mode_name[mode], kind, i, top[i][0], top[i][1], top[i][2], top[i][3], back[i][0],
                    back[i][1], back[i][2], back[i][3], bytes(&d)[(size_t)under * i],
                    bytes(&d)[(size_t)under * i + 1], bytes(&d)[(size_t)under * i + 2]);
            mv_volume_free(T, &d);
        }
    }
}
/* f32 and u16: the same formulas, within rounding; NaN and values out of range are clamped */
static void wide_types(void) {
    enum { N = 1103 };
    static float f[2][N], g[N];
    static uint16_t u[2][N];
    static unsigned char c[N];
    mv_volume fb = image(MEDVOL_F32, N, 1, f[0]), fs = image(MEDVOL_F32, N, 1, f[1]),
              ub = image(MEDVOL_U16, N, 1, u[0]), us = image(MEDVOL_U16, N, 1, u[1]),
              cs = image(MEDVOL_U8, N, 1, c), ga = image(MEDVOL_F32, N, 1, g), df = {0}, du = {0};
    size_t i;
    int mode, k;
    t_seed(6);
    for (i = 0; i < N; i++) {
        for (k = 0; k < 2; k++) {
            u[k][i] = (uint16_t)t_bits();
            if (i % 9 == 0) u[k][i] = i % 2 ? 65535 : 0;
            f[k][i] = (float)t_uniform(-0.1, 1.1);
            if (i % 10 == 0) f[k][i] = (float)(i % 5);
        }
        if (i % 101 == 7) f[1][i] = NAN;
        if (i % 103 == 7) f[0][i] = -INFINITY;
        c[i] = (unsigned char)t_bits();
        g[i] = i % 8 ? (float)t_uniform(-0.2, 1.2) : NAN;
    }
    for (mode = 0; mode < MODES; mode++) {
        mv_layer l[2];
        double worst = 0, worst16 = 0;
        if (mode == MEDVOL_BLEND_DISSOLVE || whole_colour(mode)) continue;
        l[0] = one(&fs, mode, 0.75);
        l[0].alpha = mode % 2 ? &ga : NULL, l[0].invert = mode % 3 == 0;
        l[1] = one(&cs, MEDVOL_BLEND_NORMAL, 0.125);
        CHECK_OK(mv_compose_layers(T, &df, &fb, l, 2, NULL));
        for (i = 0; i < N; i++) {
            const double x = f[0][i] > 0 ? fmin(f[0][i], 1) : 0;
            double y = f[1][i] > 0 ? fmin(f[1][i], 1) : 0, t = 0.75, w;
            if (l[0].invert) y = 1 - y;
            if (l[0].alpha) t *= g[i] > 0 ? fmin(g[i], 1) : 0;
            w = (1 - t) * x + t * channel(mode, 255 * x, 255 * y) / 255;
            w = 0.875 * w + 0.125 * c[i] / 255.0;
            if (mode == MEDVOL_BLEND_HARD_MIX && fabs(x + y - 1) < 1e-6) continue;
            worst = fmax(worst, fabs(((float *)df.data)[i] - w));
            if (((float *)df.data)[i] != ((float *)df.data)[i]) worst = 9;
        }
        /* quotients of small numbers carry the rounding of 1 - s */
        CHECK(worst < (mode == 4 || mode == 9 || mode == 15 || mode == 22 ? 1e-4 : 4e-7));
        l[0] = one(&us, mode, 1);
        CHECK_OK(mv_compose_layers(T, &du, &ub, l, 1, NULL));
        for (i = 0; i < N; i++) {
            const double w = 65535 / 255.0 * channel(mode, u[0][i] / 257.0, u[1][i] / 257.0);
            if (mode == MEDVOL_BLEND_HARD_MIX && abs(u[0][i] + u[1][i] - 65535) < 2) continue;
            worst16 = fmax(worst16, fabs(((uint16_t *)du.data)[i] - w));
        }
        if (!CHECK(worst16 < (mode == 4 || mode == 9 || mode == 15 || mode == 22 ? 1.5 : 0.52)))
            printf("    %s: %g\n", mode_name[mode], worst16);
    }
    {
        mv_layer l = one(&us, MEDVOL_BLEND_NORMAL, 1);
        CHECK_OK(mv_compose_layers(T, &du, &ub, &l, 1, NULL));
        CHECK(!memcmp(du.data, u[1], sizeof u[1]));
        l = one(&cs, MEDVOL_BLEND_NORMAL, 1);
        CHECK_OK(mv_compose_layers(T, &du, &ub, &l, 1, NULL));
        for (i = 0; i < N; i++)
            if (((uint16_t *)du.data)[i] != 257 * c[i]) break;
        CHECK(i == N);
        l = one(&fs, MEDVOL_BLEND_NORMAL, 1);
        for (i = 0; i < N; i++) f[1][i] = (float)t_uniform(0, 1);
        CHECK_OK(mv_compose_layers(T, &df, &fb, &l, 1, NULL));
        CHECK(!memcmp(df.data, f[1], sizeof f[1]));
    }
    mv_volume_free(T, &df), mv_volume_free(T, &du);
}
/* several layers, views with gaps, three axes, in place, past the caches: all give what one layer after the
   other gives on plain copies */
static void lists(void) {
    static const mv_dtype types[5] = {MEDVOL_U8, MEDVOL_RGB24, MEDVOL_RGBA32, MEDVOL_U16, MEDVOL_F32};
    static const size_t dims[4][3] = {{7, 5, 3}, {1, 1, 1}, {301, 67, 2}, {4099, 1, 1}};
    int t, d, k, wide;
    for (t = 0; t < 5; t++)
        for (d = 0; d < 4; d++)
            for (wide = 0; wide < 2; wide++) {
                const size_t *n = dims[d], size = mv_dtype_size(types[t]), start[3] = {2, 1, 0};
                size_t big[3], bytes_of, i;
                mv_volume room[4] = {{0}}, v[4], a, alpha = {0}, step = {0}, all = {0}, other = {0};
                mv_layer l[5];
                mv_compose_opt o = {{0}, 0};
                int off = 0;
                o.seed = 17;
                t_seed((uint64_t)d * 5 + (uint64_t)t + 9);
                big[0] = n[0] + (wide ? 5 : 0), big[1] = n[1] + (wide ? 2 : 0), big[2] = n[2];
                for (k = 0; k < 4; k++) {
                    CHECK_OK(mv_volume_alloc(T, &room[k], types[t], 3, big));
                    bytes_of = mv_volume_count(&room[k]) * size;
                    for (i = 0; i < bytes_of; i++) bytes(&room[k])[i] = (unsigned char)t_bits();
                    if (wide) CHECK_OK(mv_volume_view(T, &v[k], &room[k], start, n));
                    else v[k] = room[k];
                    if (types[t] == MEDVOL_F32)
                        for (i = 0; i < bytes_of / 4; i++)
                            ((float *)room[k].data)[i] = (float)t_uniform(0, 1);
                }
                CHECK_OK(mv_volume_alloc(T, &alpha, d % 2 ? MEDVOL_U16 : MEDVOL_U8, 3, n));
                for (i = 0; i < mv_volume_count(&alpha) * mv_dtype_size(alpha.dtype); i++)
                    bytes(&alpha)[i] = (unsigned char)t_bits();
                a = alpha;
                l[0] = one(&v[1], MEDVOL_BLEND_MULTIPLY, 0.9);
                l[1] = one(&v[2], MEDVOL_BLEND_SOFT_LIGHT, 1);
                l[1].alpha = &a;
                l[2] = one(&v[3], MEDVOL_BLEND_SCREEN, 0.3);
                l[2].invert = 1;
                l[3] = one(&v[1], MEDVOL_BLEND_NORMAL, 1), l[3].hidden = 1;
                l[4] = one(&v[2], MEDVOL_BLEND_VIVID_LIGHT, 0.6);
                if (types[t] == MEDVOL_U16) l[4].mode = MEDVOL_BLEND_OVERLAY; /* no steeper than 2 */
                CHECK_OK(mv_compose_layers(T, &all, &v[0], l, 5, &o));
                CHECK(all.ndim == 3 && all.dim[0] == n[0] && all.dtype == types[t]);
                CHECK_OK(mv_compose_layers(T, &step, &v[0], l, 1, &o));
                for (k = 1; k < 5; k++) CHECK_OK(mv_compose_layers(T, &step, &step, &l[k], 1, &o));
                for (i = 0; i < mv_volume_count(&all) * size; i += types[t] == MEDVOL_U16 ? 2 : 1)
                    off = types[t] == MEDVOL_U16
                        ? off | (abs(((uint16_t *)all.data)[i / 2] - ((uint16_t *)step.data)[i / 2]) > 7)
                        : off | (bytes(&all)[i] != bytes(&step)[i]);
                CHECK(!off);
                CHECK_OK(mv_compose_layers(T, &v[0], &v[0], l, 5, &o)); /* in place, with gaps */
                CHECK_OK(mv_volume_copy(T, &other, &v[0]));
                CHECK(!memcmp(other.data, all.data, mv_volume_count(&all) * size));
                for (k = 0; k < 4; k++) mv_volume_free(T, &room[k]);
                mv_volume_free(T, &alpha), mv_volume_free(T, &all), mv_volume_free(T, &step);
                mv_volume_free(T, &other);
            }
}
/* large enough to be written past the caches and to be cut for threads, at an odd place */
static void large(void) {
    const size_t w = 2311, h = 1901, n = w * h;
    unsigned char *p = (unsigned char *)malloc(4 * n + 64);
    mv_volume b, s, d;
    mv_layer l;
    size_t i, k;
    static const int modes[3] = {MEDVOL_BLEND_SCREEN, MEDVOL_BLEND_COLOUR_DODGE, MEDVOL_BLEND_NORMAL};
    if (!CHECK(p != NULL)) return;
    for (i = 0; i < 3 * n; i++) p[i] = (unsigned char)(i * 2654435761u >> 13);
    memset(p + 2 * n, 99, 2 * n + 64);
    b = image(MEDVOL_U8, w, h, p), s = image(MEDVOL_U8, w, h, p + n);
    d = image(MEDVOL_U8, w, h, p + 2 * n + 13);
    for (k = 0; k < 3; k++) {
        l = one(&s, modes[k], k == 2 ? 0.3 : 1);
        CHECK_OK(mv_compose_layers(T, &d, &b, &l, 1, NULL));
        for (i = 0; i < n; i++) {
            const double t = k == 2 ? 77 : 255, m = half_up(channel(modes[k], p[i], p[n + i]));
            if (bytes(&d)[i] != half_up(((255 - t) * p[i] + t * m) / 255)) break;
        }
        CHECK(i == n && p[2 * n + 12] == 99 && p[3 * n + 13] == 99);
    }
    free(p);
}
static void dissolve(void) {
    enum { W = 500, H = 400 };
    static unsigned char px[W * H], zero[W * H];
    mv_volume b = image(MEDVOL_U8, W, H, zero), s = image(MEDVOL_U8, W, H, px), d = {0}, e = {0};
    mv_layer l = one(&s, MEDVOL_BLEND_DISSOLVE, 0.25), two[2];
    mv_compose_opt o = {{0}, 0};
    size_t i, on = 0, beside = 0, both = 0;
    static float fz[W * H];
    mv_volume f = image(MEDVOL_F32, W, H, fz), g = {0};
    memset(px, 255, sizeof px);
    CHECK_OK(mv_compose_layers(T, &d, &b, &l, 1, NULL));
    for (i = 0; i < W * H; i++) {
        on += bytes(&d)[i] == 255;
        beside += i && bytes(&d)[i] && bytes(&d)[i - 1];
        if (bytes(&d)[i] != 0 && bytes(&d)[i] != 255) break;
    }
    CHECK(i == W * H);
    CHECK_NEAR((double)on / (W * H), 64 / 255.0, 0.005);
    CHECK_NEAR((double)beside / (W * H), 64 / 255.0 * 64 / 255.0, 0.003);
    CHECK_OK(mv_compose_layers(T, &g, &f, &l, 1, NULL)); /* f32 decides as u8 does, at its own 0.25 */
    for (on = 0, i = 0; i < W * H; i++) on += (((float *)g.data)[i] == 1) > (bytes(&d)[i] == 255);
    CHECK(on == 0);
    o.seed = 1;
    CHECK_OK(mv_compose_layers(T, &e, &b, &l, 1, &o));
    for (i = 0; i < W * H; i++) both += bytes(&d)[i] && bytes(&e)[i];
    CHECK_NEAR((double)both / (W * H), 64 / 255.0 * 64 / 255.0, 0.003);
    /* another place in the list, another draw; full and no opacity leave nothing to chance */
    two[0] = l, two[1] = l, two[0].hidden = 1;
    CHECK_OK(mv_compose_layers(T, &e, &b, two, 2, NULL));
    CHECK(memcmp(e.data, d.data, W * H) != 0);
    l.opacity = 1;
    CHECK_OK(mv_compose_layers(T, &e, &b, &l, 1, NULL));
    CHECK(!memcmp(e.data, px, sizeof px));
    l.opacity = 0;
    CHECK_OK(mv_compose_layers(T, &e, &b, &l, 1, NULL));
    CHECK(!memcmp(e.data, zero, sizeof zero));
    mv_volume_free(T, &d), mv_volume_free(T, &e), mv_volume_free(T, &g);
}
/* no background: a colour, or nothing at all */
static void background(void) {
    static unsigned char px[6][4] = {{10, 20, 30, 255}, {10, 20, 30, 0}, {200, 100, 50, 128}, {1, 2, 3, 1},
        {255, 255, 255, 254}, {0, 0, 0, 127}};
    static unsigned char grey[6] = {0, 50, 100, 150, 200, 255};
    mv_volume s = image(MEDVOL_RGBA32, 3, 2, px), u = image(MEDVOL_U8, 3, 2, grey), d = {0};
    mv_layer l = one(&s, MEDVOL_BLEND_NORMAL, 1);
    mv_compose_opt o = {{1, 0.5, 0, 1}, 0};
    size_t i, k;
    s.affine[3] = 7;
    CHECK_OK(mv_compose_layers(T, &d, NULL, &l, 1, NULL)); /* over nothing: itself, but what none sees */
    for (i = 0; i < 6; i++) {
        CHECK(bytes(&d)[4 * i + 3] == px[i][3]);
        for (k = 0; k < 3; k++) CHECK(bytes(&d)[4 * i + k] == (px[i][3] ? px[i][k] : 0));
    }
    CHECK(d.affine[3] == 7);
    CHECK_OK(mv_compose_layers(T, &d, NULL, &l, 1, &o));
    for (i = 0; i < 6; i++)
        for (k = 0; k < 4; k++) {
            const double c = k == 0 ? 255 : k == 1 ? 128 : k == 2 ? 0 : 255, t = px[i][3];
            CHECK(bytes(&d)[4 * i + k] == (k == 3 ? 255 : half_up(((255 - t) * c + t * px[i][k]) / 255)));
        }
    mv_volume_free(T, &d);
    l = one(&u, MEDVOL_BLEND_MULTIPLY, 1);
    CHECK_OK(mv_compose_layers(T, &d, NULL, &l, 1, &o));
    CHECK(!memcmp(d.data, grey, 6));
    CHECK_OK(mv_compose_layers(T, &d, &u, NULL, 0, &o)); /* no layer: a copy */
    CHECK(!memcmp(d.data, grey, 6));
    mv_volume_free(T, &d);
}
static void refused(void) {
    static unsigned char px[2][24];
    static float f[12];
    mv_volume b = image(MEDVOL_U8, 4, 3, px[0]), s = image(MEDVOL_U8, 4, 3, px[1]), d = {0}, w, r, z = {0};
    mv_layer l = one(&s, 0, 1), none = {0};
    mv_compose_opt o = {{0}, 0};
#define NO(want, call) CHECK_STATUS(call, want), CHECK(d.data == NULL && mv_message(T)[0])
    NO(MEDVOL_E_NULL, mv_compose_layers(T, NULL, &b, &l, 1, NULL));
    NO(MEDVOL_E_NULL, mv_compose_layers(T, &d, &b, NULL, 1, NULL));
    NO(MEDVOL_E_NULL, mv_compose_layers(T, &d, &b, &none, 1, NULL));
    NO(MEDVOL_E_NULL, mv_compose_layers(T, &d, &z, &l, 1, NULL));
    NO(MEDVOL_E_EMPTY, mv_compose_layers(T, &d, NULL, NULL, 0, NULL));
    NO(MEDVOL_E_RANGE, mv_compose_layers(T, &d, &b, &l, ((size_t)1 << 20) + 1, NULL));
    l.opacity = 1.01;
    NO(MEDVOL_E_RANGE, mv_compose_layers(T, &d, &b, &l, 1, NULL));
    l.opacity = NAN;
    NO(MEDVOL_E_RANGE, mv_compose_layers(T, &d, &b, &l, 1, NULL));
    l = one(&s, 27, 1);
    NO(MEDVOL_E_RANGE, mv_compose_layers(T, &d, &b, &l, 1, NULL));
    l = one(&s, -1, 1);
    NO(MEDVOL_E_RANGE, mv_compose_layers(T, &d, &b, &l, 1, NULL));
    l = one(&s, 0, 1);
    o.colour[2] = NAN;
    NO(MEDVOL_E_RANGE, mv_compose_layers(T, &d, NULL, &l, 1, &o));
    w = image(MEDVOL_U8, 3, 4, px[1]);
    l.image = &w;
    NO(MEDVOL_E_SHAPE, mv_compose_layers(T, &d, &b, &l, 1, NULL));
    l.image = &s, l.alpha = &w;
    NO(MEDVOL_E_SHAPE, mv_compose_layers(T, &d, &b, &l, 1, NULL));
    w = image(MEDVOL_I16, 4, 3, px[1]);
    NO(MEDVOL_E_DTYPE, mv_compose_layers(T, &d, &b, &l, 1, NULL));
    l.alpha = NULL, l.image = &w;
    NO(MEDVOL_E_DTYPE, mv_compose_layers(T, &d, &b, &l, 1, NULL));
    NO(MEDVOL_E_DTYPE, mv_compose_layers(T, &d, &w, &l, 1, NULL));
    w = image(MEDVOL_F32, 4, 3, f);
    NO(MEDVOL_E_DTYPE, mv_compose_layers(T, &d, &b, &l, 1, NULL));
    l.image = &s;
#undef NO
    r = image(MEDVOL_U8, 4, 3, px[1] + 2); /* over a layer; over the background, but not on it */
    CHECK_STATUS(mv_compose_layers(T, &r, &b, &l, 1, NULL), MEDVOL_E_ALIAS);
    l.alpha = &s, l.image = &b;
    CHECK_STATUS(mv_compose_layers(T, &r, &b, &l, 1, NULL), MEDVOL_E_ALIAS);
    l.alpha = NULL, l.image = &s;
    r = image(MEDVOL_U8, 4, 3, px[0] + 4);
    CHECK_STATUS(mv_compose_layers(T, &r, &b, &l, 1, NULL), MEDVOL_E_ALIAS);
    r = image(MEDVOL_U8, 4, 3, px[0]); /* another struct of the same memory is in place */
    memset(px[1], 200, 24);
    CHECK_OK(mv_compose_layers(T, &r, &b, &l, 1, NULL));
    CHECK(px[0][11] == 200 && px[0][12] == 0);
    r = image(MEDVOL_RGB24, 4, 2, px[0]);
    CHECK_STATUS(mv_compose_layers(T, &r, &b, &l, 1, NULL), MEDVOL_E_DTYPE);
}
static int stop_it(void *user, double done, double total, const char *label) {
    (void)done, (void)total, (void)label;
    return --*(int *)user < 0;
}
static void cancelled(void) {
    static unsigned char px[2][300 * 300];
    mv_volume b = image(MEDVOL_U8, 300, 300, px[0]), s = image(MEDVOL_U8, 300, 300, px[1]), d = {0};
    mv_layer l = one(&s, 0, 1);
    int left = 0;
    T->desc.progress = stop_it, T->desc.progress_user = &left;
    CHECK_STATUS(mv_compose_layers(T, &d, &b, &l, 1, NULL), MEDVOL_E_CANCELLED);
    CHECK(d.data == NULL);
    T->desc.progress = NULL, T->desc.progress_user = NULL;
}

/* ---- contrast ---- */
static uint32_t grains;
static unsigned grain(void) { return (grains = (grains * 1103515245u + 12345u) & 0x7fffffffu) >> 12; }
static void scene8(unsigned char *d, size_t w, size_t h, uint32_t seed) {
    size_t x, y;
    for (grains = seed, y = 0; y < h; y++)
        for (x = 0; x < w; x++) *d++ = (unsigned char)(x * 90 / w + y * 60 / h + grain() % 64 + 20);
}
static void scene16(uint16_t *d, size_t w, size_t h, uint32_t seed) {
    size_t x, y;
    for (grains = seed, y = 0; y < h; y++)
        for (x = 0; x < w; x++) *d++ = (uint16_t)(x * 20000 / w + y * 11000 / h + grain() % 9000 + 500);
}
/* OpenCV's filter once more, one pixel after the other */
static size_t mirrored(size_t i, size_t n) { return n == 1 ? 0 : (i %= 2 * n - 2) < n ? i : 2 * n - 2 - i; }
static void naive_clahe(const unsigned *s, unsigned *d, size_t w, size_t h, size_t tx, size_t ty, double clip,
                        size_t bins) {
    const int even = w % tx == 0 && h % ty == 0;
    const size_t tw = (even ? w : w + tx - w % tx) / tx, th = (even ? h : h + ty - h % ty) / ty;
    size_t limit = (size_t)(clip * (double)(tw * th) / (double)bins), t, k, x, y;
    unsigned *lut = (unsigned *)calloc(tx * ty * bins, sizeof *lut);
    if (!lut) abort();
    limit = limit < 1 ? 1 : limit;
    for (t = 0; t < tx * ty; t++) {
        unsigned *c = lut + t * bins;
        size_t cut = 0, rest, sum = 0;
        const float scale = (float)(bins - 1) / (float)(tw * th);
        for (y = 0; y < th; y++)
            for (x = 0; x < tw; x++)
                c[s[mirrored(t / tx * th + y, h) * w + mirrored(t % tx * tw + x, w)]]++;
        for (k = 0; k < bins; k++)
            if (c[k] > limit) cut += c[k] - limit, c[k] = (unsigned)limit;
        for (k = 0; k < bins; k++) c[k] += (unsigned)(cut / bins);
        rest = cut % bins;
        if (rest)
            for (k = 0; k < bins && rest; k += bins / (cut % bins) ? bins / (cut % bins) : 1, rest--) c[k]++;
        for (k = 0; k < bins; k++) {
            sum += c[k];
            c[k] = (unsigned)fmin(rint((double)((float)sum * scale)), (double)bins - 1);
        }
    }
    for (y = 0; y < h; y++)
        for (x = 0; x < w; x++) {
            const double fx = (double)x / (double)tw - 0.5, fy = (double)y / (double)th - 0.5;
            const double ax = fx - floor(fx), ay = fy - floor(fy);
            const size_t x0 = fx < 0 ? 0 : (size_t)fx, x1 = (size_t)fmin(floor(fx) + 1, (double)tx - 1);
            const size_t y0 = fy < 0 ? 0 : (size_t)fy, y1 = (size_t)fmin(floor(fy) + 1, (double)ty - 1);
            const unsigned v = s[y * w + x];
            d[y * w + x] = (unsigned)rint(
                (lut[(y0 * tx + x0) * bins + v] * (1 - ax) + lut[(y0 * tx + x1) * bins + v] * ax) * (1 - ay) +
                (lut[(y1 * tx + x0) * bins + v] * (1 - ax) + lut[(y1 * tx + x1) * bins + v] * ax) * ay);
        }
    free(lut);
}
/* checksums of what OpenCV 5.0.0 (opencv-python-headless) gave */
static const struct {
    int w, h, tx, ty;
    double clip;
    uint32_t in, out8, out16;
} clahe_gold[6] = {{64, 48, 8, 8, 2.0, 0xfead3091u, 0x3d46538au, 0x738a2ea7u},
    {61, 47, 8, 8, 3.0, 0x6b3a3ce3u, 0xd8799306u, 0x274cf263u},
    {64, 47, 4, 3, 1.5, 0x9088fd13u, 0x23c60d18u, 0xcf16199du},
    {100, 33, 7, 5, 40.0, 0x890c5768u, 0xfc9fd365u, 0x614678e8u},
    {17, 9, 8, 8, 4.0, 0xc13967e7u, 0x8cf39a3bu, 0xda54b066u},
    {64, 48, 1, 1, 2.0, 0xfead3091u, 0x94270eaeu, 0xfdec7b77u}};
static void clahe(void) {
    static unsigned char p8[6400];
    static uint16_t p16[6400];
    static unsigned in[6400], want[6400];
    size_t i, g, n;
    for (g = 0; g < 6; g++) {
        const size_t w = (size_t)clahe_gold[g].w, h = (size_t)clahe_gold[g].h;
        const size_t tx = (size_t)clahe_gold[g].tx, ty = (size_t)clahe_gold[g].ty;
        mv_volume a = image(MEDVOL_U8, w, h, p8), b = image(MEDVOL_U16, w, h, p16), d = {0}, e = {0};
        mv_clahe_opt o = {{0, 0}, 0, 0, {0, 0}};
        n = w * h;
        scene8(p8, w, h, 7), scene16(p16, w, h, 9);
        CHECK(t_crc32(0, p8, n) == clahe_gold[g].in);
        o.tiles[0] = clahe_gold[g].tx, o.tiles[1] = clahe_gold[g].ty, o.clip = clahe_gold[g].clip;
        if (g == 0) o.tiles[0] = o.tiles[1] = 0, o.clip = 0; /* the defaults */
        CHECK_OK(mv_clahe(T, &d, &a, &o));
        CHECK(t_crc32(0, d.data, n) == clahe_gold[g].out8);
        CHECK_OK(mv_clahe(T, &e, &b, &o));
        CHECK(T_BIG_ENDIAN || t_crc32(0, e.data, 2 * n) == clahe_gold[g].out16);
        for (i = 0; i < n; i++) in[i] = p8[i];
        naive_clahe(in, want, w, h, tx, ty, clahe_gold[g].clip, 256);
        for (i = 0; i < n; i++)
            if (abs((int)want[i] - bytes(&d)[i]) > 1) break;
        CHECK(i == n);
        for (i = 0; i < n; i++) in[i] = p16[i];
        naive_clahe(in, want, w, h, tx, ty, clahe_gold[g].clip, 65536);
        for (i = 0; i < n; i++)
            if (abs((int)want[i] - (int)((uint16_t *)e.data)[i]) > 1) break;
        CHECK(i == n);
        CHECK_OK(mv_clahe(T, &a, &a, &o)); /* in place */
        CHECK(!memcmp(a.data, d.data, n));
        mv_volume_free(T, &d), mv_volume_free(T, &e);
    }
}
/* f32: as u8 when its bins are the 256 values, whatever the unit; slices by themselves; views; NaN */
static void clahe_floats(void) {
    enum { W = 61, H = 47, N = W * H };
    static unsigned char p[2 * N];
    static float f[2 * N];
    static int16_t s16[2 * N];
    size_t dim[3] = {W, H, 2}, start[3] = {0, 0, 1}, size[3] = {W, H, 1}, i;
    mv_volume u, v, w, one_slice, d = {0}, e = {0}, g = {0};
    mv_clahe_opt o = {{5, 4}, 2.5, 256, {0, 0}};
    scene8(p, W, H, 7), scene8(p + N, W, H, 21);
    for (i = 0; i < 2 * N; i++) f[i] = (float)p[i] * 4 - 100, s16[i] = (int16_t)(p[i] * 4 - 100);
    CHECK_OK(mv_volume_wrap(T, &u, p, MEDVOL_U8, 3, dim, NULL));
    CHECK_OK(mv_volume_wrap(T, &v, f, MEDVOL_F32, 3, dim, NULL));
    CHECK_OK(mv_volume_wrap(T, &w, s16, MEDVOL_I16, 3, dim, NULL));
    CHECK_OK(mv_clahe(T, &d, &u, &o));
    CHECK_OK(mv_volume_view(T, &one_slice, &u, start, size));
    CHECK_OK(mv_clahe(T, &e, &one_slice, &o));
    CHECK(!memcmp(e.data, bytes(&d) + N, N));
    mv_volume_free(T, &e);
    o.range[0] = -100, o.range[1] = -100 + 4 * 256; /* a bin is 4 wide and begins at a value */
    CHECK_OK(mv_clahe(T, &e, &v, &o));
    for (i = 0; i < 2 * N; i++) /* values at the start of their bins: a count less, and of 256 for 255 */
        if (fabs((((float *)e.data)[i] + 100) / 4 * 255 / 256 - bytes(&d)[i]) > 14) break;
    CHECK(i == 2 * N);
    CHECK_OK(mv_clahe(T, &g, &w, &o)); /* by way of f32 */
    CHECK(g.dtype == MEDVOL_F32 && !memcmp(g.data, e.data, sizeof f));
    o.clip = INFINITY, o.tiles[0] = o.tiles[1] = 1, o.bins = 64, o.range[0] = o.range[1] = 0;
    for (i = 0; i < 2 * N; i++) f[i] = (float)(i % N); /* evenly spread: nothing to do */
    CHECK_OK(mv_clahe(T, &e, &v, &o));
    for (i = 0; i < 2 * N; i++)
        if (!(fabs((double)((float *)e.data)[i] - f[i]) < 4)) break;
    CHECK(i == 2 * N);
    f[5] = NAN, f[6] = INFINITY, f[7] = -INFINITY;
    CHECK_OK(mv_clahe(T, &v, &v, &o));
    CHECK(f[5] != f[5] && f[6] == N - 1 && f[7] == 0);
    for (i = 0; i < 2 * N; i++) f[i] = 3;
    CHECK_OK(mv_clahe(T, &v, &v, NULL)); /* a constant stays */
    for (i = 0; i < 2 * N; i++)
        if (f[i] != 3) break;
    CHECK(i == 2 * N);
    for (i = 0; i < 2 * N; i++) f[i] = NAN;
    CHECK_OK(mv_clahe(T, &v, &v, NULL));
    mv_volume_free(T, &e);
#define NO(want, what) CHECK_STATUS(mv_clahe(T, &e, what, &o), want), CHECK(e.data == NULL)
    memset(&o, 0, sizeof o), o.tiles[0] = 62;
    NO(MEDVOL_E_RANGE, &u);
    o.tiles[0] = -1;
    NO(MEDVOL_E_RANGE, &u);
    o.tiles[0] = 0, o.clip = NAN;
    NO(MEDVOL_E_RANGE, &u);
    o.clip = -1;
    NO(MEDVOL_E_RANGE, &u);
    o.clip = 0, o.bins = 1;
    NO(MEDVOL_E_RANGE, &v);
    o.bins = 0, o.range[0] = 2, o.range[1] = 1;
    NO(MEDVOL_E_RANGE, &v);
    o.range[0] = -3e38, o.range[1] = 3e38;
    NO(MEDVOL_E_RANGE, &v);
    memset(&o, 0, sizeof o);
    NO(MEDVOL_E_NULL, NULL);
    CHECK_STATUS(mv_clahe(T, NULL, &u, NULL), MEDVOL_E_NULL);
    CHECK_STATUS(mv_clahe(T, &d, &v, NULL), MEDVOL_E_DTYPE);
#undef NO
    dim[0] = dim[1] = dim[2] = 1; /* one pixel */
    CHECK_OK(mv_volume_wrap(T, &u, p, MEDVOL_U8, 3, dim, NULL));
    CHECK_OK(mv_clahe(T, &u, &u, NULL));
    mv_volume_free(T, &d), mv_volume_free(T, &g);
}
/* against scikit-image 0.26.0's match_histograms */
static void match(void) {
    enum { W = 61, H = 47, N = W * H, M = 40 * 30 };
    static const size_t at[5] = {0, 100, 1000, 2000, 2866};
    static const double gold8[5] = {102.0494516141534, 136.13725148238578, 124.32882804325078,
        171.8943696877352, 213.3637251482386};
    static const double gold16[5] = {-2344.1248692012555, 2738.1939309382633, 2070.7582839204747,
        4745.803278688524, 7490.852459016394};
    static const double goldf[5] = {-642.5770263671875, -385.9444885253906, -417.97796630859375,
        -254.5239715576172, -89.45719909667969};
    static unsigned char a8[N], b8[M], m8[N], n8[M];
    static uint16_t a16[N], b16[M];
    static int16_t ai[N], bi[M];
    static float af[N], bf[M];
    static double ad[N];
    mv_volume a = image(MEDVOL_U8, W, H, a8), b = image(MEDVOL_U8, 40, 30, b8), d = {0}, e = {0}, f = {0};
    mv_volume ma = image(MEDVOL_U8, W, H, m8), mb = image(MEDVOL_U8, 40, 30, n8);
    mv_match_opt o = {NULL, NULL, MEDVOL_F64};
    double sum = 0;
    size_t i;
    scene8(a8, W, H, 3), scene8(b8, 40, 30, 5);
    for (i = 0; i < M; i++) b8[i] = (unsigned char)(b8[i] / 2 * 2 + 30);
    CHECK(t_crc32(0, a8, N) == 0x4a19c157u && t_crc32(0, b8, M) == 0xdde5a19bu);
    CHECK_OK(mv_match_histogram(T, &d, &a, &b, &o));
    for (i = 0; i < 5; i++) CHECK_NEAR(((double *)d.data)[at[i]], gold8[i], 1e-11);
    for (i = 0; i < N; i++) sum += ((double *)d.data)[i];
    CHECK_NEAR(sum, 439189.84950334067, 1e-6);
    CHECK_OK(mv_match_histogram(T, &e, &a, &b, NULL));
    CHECK(e.dtype == MEDVOL_U8 && t_crc32(0, e.data, N) == 0x295f82d9u);
    CHECK_OK(mv_match_histogram(T, &f, &e, &e, NULL)); /* of itself: nothing */
    CHECK(!memcmp(f.data, e.data, N));
    mv_volume_free(T, &d), mv_volume_free(T, &e), mv_volume_free(T, &f);
    /* by sorting: the same, of floats; a scale of the numbers changes nothing */
    for (i = 0; i < N; i++) af[i] = (float)a8[i];
    for (i = 0; i < M; i++) bf[i] = (float)b8[i];
    a = image(MEDVOL_F32, W, H, af), b = image(MEDVOL_F32, 40, 30, bf);
    CHECK_OK(mv_match_histogram(T, &d, &a, &b, &o));
    for (i = 0; i < 5; i++) CHECK_NEAR(((double *)d.data)[at[i]], gold8[i], 1e-11);
    mv_volume_free(T, &d);
    scene16(a16, W, H, 3), scene16(b16, 40, 30, 5);
    for (i = 0; i < N; i++) ai[i] = (int16_t)(a16[i] - 9000), af[i] = (float)a16[i] / 37.0f;
    for (i = 0; i < M; i++) bi[i] = (int16_t)(b16[i] / 3 - 4000), bf[i] = (float)b16[i] / -53.0f;
    a = image(MEDVOL_I16, W, H, ai), b = image(MEDVOL_I16, 40, 30, bi);
    CHECK_OK(mv_match_histogram(T, &d, &a, &b, &o));
    for (i = 0; i < 5; i++) CHECK_NEAR(((double *)d.data)[at[i]], gold16[i], 1e-9);
    CHECK_OK(mv_match_histogram(T, &a, &a, &b, NULL));
    CHECK(T_BIG_ENDIAN || t_crc32(0, ai, sizeof ai) == 0x6139a797u);
    mv_volume_free(T, &d);
    a = image(MEDVOL_F32, W, H, af), b = image(MEDVOL_F32, 40, 30, bf);
    CHECK_OK(mv_match_histogram(T, &d, &a, &b, NULL));
    for (i = 0; i < 5; i++) CHECK(((float *)d.data)[at[i]] == (float)goldf[i]);
    CHECK_OK(mv_match_histogram(T, &e, &d, &b, NULL)); /* twice is once */
    for (i = 0; i < N; i++)
        if (!(fabsf(((float *)d.data)[i] - ((float *)e.data)[i]) <= 1e-3f)) break;
    CHECK(i == N);
    CHECK_OK(mv_match_histogram(T, &f, &a, &a, NULL)); /* of itself: nothing */
    CHECK(!memcmp(f.data, af, sizeof af));
    mv_volume_free(T, &d), mv_volume_free(T, &e), mv_volume_free(T, &f);
    /* a mask: what is outside stays and does not count; NaN likewise */
    memset(m8, 1, N), memset(n8, 1, M);
    for (i = 0; i < 500; i++) m8[i] = 0, af[i] = 1e6f + (float)i;
    for (i = 0; i < 100; i++) n8[i] = 0, bf[i] = -1e6f;
    af[700] = NAN, bf[700] = INFINITY;
    o.mask = &ma, o.reference_mask = &mb, o.dtype = MEDVOL_NONE;
    CHECK_OK(mv_match_histogram(T, &d, &a, &b, &o));
    CHECK(!memcmp(d.data, af, 500 * sizeof *af) && ((float *)d.data)[700] != ((float *)d.data)[700]);
    for (sum = 0, i = 500; i < N; i++)
        if (i != 700) sum = fmin(sum, ((float *)d.data)[i]);
    CHECK(sum > -1000);
    for (i = 0; i < N; i++) ad[i] = af[i] + 1e-9 * (double)i; /* f64: what stays does so to the bit */
    a = image(MEDVOL_F64, W, H, ad);
    CHECK_OK(mv_match_histogram(T, &a, &a, &b, &o));
    for (i = 0; i < 500; i++)
        if (ad[i] != af[i] + 1e-9 * (double)i) break;
    CHECK(i == 500);
    mv_volume_free(T, &d);
    memset(m8, 0, N);
    CHECK_STATUS(mv_match_histogram(T, &d, &a, &b, &o), MEDVOL_E_EMPTY);
    memset(m8, 1, N), memset(n8, 0, M);
    CHECK_STATUS(mv_match_histogram(T, &d, &a, &b, &o), MEDVOL_E_EMPTY);
    o.mask = &mb;
    CHECK_STATUS(mv_match_histogram(T, &d, &a, &b, &o), MEDVOL_E_SHAPE);
    o.mask = NULL, o.reference_mask = NULL, o.dtype = MEDVOL_RGB24;
    CHECK_STATUS(mv_match_histogram(T, &d, &a, &b, &o), MEDVOL_E_DTYPE);
    CHECK_STATUS(mv_match_histogram(T, &d, &a, NULL, NULL), MEDVOL_E_NULL);
    CHECK_STATUS(mv_match_histogram(T, NULL, &a, &b, NULL), MEDVOL_E_NULL);
    CHECK(d.data == NULL);
    CHECK_STATUS(mv_match_histogram(T, &b, &b, &b, NULL), MEDVOL_E_ALIAS);
    a = image(MEDVOL_F32, 1, 1, af), b = image(MEDVOL_F32, 1, 1, bf); /* one voxel takes the other's value */
    CHECK_OK(mv_match_histogram(T, &a, &a, &b, NULL));
    CHECK(af[0] == bf[0]);
}

/* ---- pictures ---- */
static void checkerboard(void) {
    enum { X = 7, Y = 5, Z = 3, N = X * Y * Z };
    static float a[N], b[N];
    static unsigned char ca[3 * N], cb[3 * N];
    size_t dim[3] = {X, Y, Z}, x, y, z, i = 0, c;
    const double spacing[3] = {1, 2, 3}, origin[3] = {5, 6, 7};
    mv_volume u, v, d = {0}, e = {0};
    mv_picture_opt o = {{0, 0}, {0, 0}, 0, 4, 0, 0};
    for (i = 0; i < N; i++) a[i] = (float)i, b[i] = (float)(3 * i) - 9;
    for (i = 0; i < 3 * N; i++) ca[i] = (unsigned char)i, cb[i] = (unsigned char)(255 - i);
    CHECK_OK(mv_volume_wrap(T, &u, a, MEDVOL_F32, 3, dim, NULL));
    CHECK_OK(mv_volume_wrap(T, &v, b, MEDVOL_F32, 3, dim, NULL));
    mv_affine_from_spacing(u.affine, spacing, origin);
    b[40] = NAN;
    o.window_b[0] = 0, o.window_b[1] = 100;
    CHECK_OK(mv_picture_checkerboard(T, &d, &u, &v, &o));
    CHECK(d.dtype == MEDVOL_U8 && d.ndim == 3 && !memcmp(d.affine, u.affine, sizeof d.affine));
    for (i = 0, z = 0; z < Z; z++)
        for (y = 0; y < Y; y++)
            for (x = 0; x < X; x++, i++) { /* squares of 4 mm: 4 x 2 x 1 voxels */
                const double w = (x / 4 + y / 2 + z) % 2 ? 255 * b[i] / 100.0 : 255 * a[i] / (N - 1.0);
                CHECK(bytes(&d)[i] == (w != w ? 0 : rint(hold(w))));
            }
    CHECK_OK(mv_volume_wrap(T, &u, ca, MEDVOL_RGB24, 3, dim, NULL));
    CHECK_OK(mv_volume_wrap(T, &v, cb, MEDVOL_RGB24, 3, dim, NULL));
    CHECK_OK(mv_picture_checkerboard(T, &e, &u, &v, NULL));
    for (i = 0, z = 0; z < Z; z++) /* an eighth of 7: 1 */
        for (y = 0; y < Y; y++)
            for (x = 0; x < X; x++, i++)
                for (c = 0; c < 3; c++)
                    CHECK(bytes(&e)[3 * i + c] == ((x + y + z) % 2 ? cb : ca)[3 * i + c]);
    CHECK_STATUS(mv_picture_checkerboard(T, &v, &u, &v, NULL), MEDVOL_E_ALIAS);
    CHECK_STATUS(mv_picture_difference(T, &e, &u, &v, NULL), MEDVOL_E_DTYPE);
    CHECK_STATUS(mv_picture_checkerboard(T, &e, &u, &d, NULL), MEDVOL_E_DTYPE);
    CHECK_STATUS(mv_picture_checkerboard(T, NULL, &u, &v, NULL), MEDVOL_E_NULL);
    CHECK_STATUS(mv_picture_checkerboard(T, &e, &u, NULL, NULL), MEDVOL_E_NULL);
    o.size = -1;
    CHECK_STATUS(mv_picture_checkerboard(T, &e, &u, &v, &o), MEDVOL_E_RANGE);
    o.size = NAN;
    CHECK_STATUS(mv_picture_checkerboard(T, &e, &u, &v, &o), MEDVOL_E_RANGE);
    o.size = 0, o.window_a[0] = 3, o.window_a[1] = 3;
    CHECK_STATUS(mv_picture_checkerboard(T, &e, &u, &v, &o), MEDVOL_E_RANGE);
    dim[2] = 2;
    CHECK_OK(mv_volume_wrap(T, &v, cb, MEDVOL_RGB24, 3, dim, NULL));
    CHECK_STATUS(mv_picture_checkerboard(T, &e, &u, &v, NULL), MEDVOL_E_SHAPE);
    mv_volume_free(T, &d), mv_volume_free(T, &e);
}
static int is(const unsigned char *p, int r, int g, int b) { return p[0] == r && p[1] == g && p[2] == b; }
static void difference(void) {
    static float a[6] = {10, 0, 5, 7, NAN, 40}, b[6] = {0, 10, 5, 2, 3, 20};
    mv_volume u = image(MEDVOL_F32, 3, 2, a), v = image(MEDVOL_F32, 3, 2, b), d = {0}, e = {0};
    mv_picture_opt o = {{0, 0}, {0, 0}, 10, 0, 0, 0};
    size_t i;
    CHECK_OK(mv_picture_difference(T, &d, &u, &v, &o));
    CHECK(d.dtype == MEDVOL_RGB24);
    CHECK(is(bytes(&d), 180, 4, 38) && is(bytes(&d) + 3, 59, 76, 192) && is(bytes(&d) + 6, 255, 255, 255));
    CHECK(is(bytes(&d) + 9, 218, 130, 146) && is(bytes(&d) + 12, 0, 0, 0) && is(bytes(&d) + 15, 180, 4, 38));
    CHECK_OK(mv_picture_difference(T, &e, &u, &v, NULL)); /* to 20 */
    CHECK(is(bytes(&e), 218, 130, 146) && is(bytes(&e) + 15, 180, 4, 38));
    CHECK_OK(mv_picture_difference(T, &e, &v, &v, NULL)); /* none: white */
    for (i = 0; i < 18; i++) CHECK(bytes(&e)[i] == 255);
    o.range = -1;
    CHECK_STATUS(mv_picture_difference(T, &e, &u, &v, &o), MEDVOL_E_RANGE);
    mv_volume_free(T, &d), mv_volume_free(T, &e);
}
static mv_volume field_of(float *f, size_t x, size_t y, size_t z) {
    mv_volume v = {0};
    size_t dim[5];
    dim[0] = x, dim[1] = y, dim[2] = z, dim[3] = 1, dim[4] = z > 1 ? 3 : 2;
    CHECK_OK(mv_volume_wrap(T, &v, f, MEDVOL_F32, 5, dim, NULL));
    return v;
}
static void flow_colours(void) {
    float f[16] = {1, 0, -1, 0, 0, 0.5f, NAN, 2, /* x */ 0, 1, 0, -1, 0, 0, 0, 0};
    static float g[3 * 8];
    static double wide[24];
    mv_volume v = field_of(f, 4, 2, 1), w, d = {0}, e = {0};
    mv_picture_opt o = {{0, 0}, {0, 0}, 1, 0, 0, 0};
    size_t i, dim[5] = {2, 2, 2, 1, 3};
    CHECK_OK(mv_picture_flow(T, &d, &v, &o));
    CHECK(d.ndim == 2 && d.dtype == MEDVOL_RGB24 && d.dim[0] == 4 && d.dim[1] == 2);
    CHECK(is(bytes(&d), 255, 0, 0) && is(bytes(&d) + 3, 128, 255, 0)); /* to the right, up */
    CHECK(is(bytes(&d) + 6, 0, 255, 255) && is(bytes(&d) + 9, 128, 0, 255));
    CHECK(is(bytes(&d) + 12, 255, 255, 255) && is(bytes(&d) + 15, 255, 128, 128));
    CHECK(is(bytes(&d) + 18, 0, 0, 0) && is(bytes(&d) + 21, 255, 0, 0));
    CHECK_OK(mv_picture_flow(T, &d, &v, NULL)); /* to 2 */
    CHECK(is(bytes(&d), 255, 128, 128) && is(bytes(&d) + 21, 255, 0, 0));
    o.plane = MEDVOL_PLANE_XZ;
    CHECK_STATUS(mv_picture_flow(T, &d, &v, &o), MEDVOL_E_RANGE);
    for (i = 0; i < 24; i++) wide[i] = g[i] = i < 8 ? 0 : i < 16 ? 5.0f : 1.0f;
    w = field_of(g, 2, 2, 2);
    CHECK_OK(mv_picture_flow(T, &e, &w, &o)); /* along z: a quarter of the way round */
    for (i = 0; i < 8; i++) CHECK(is(bytes(&e) + 3 * i, 128, 255, 0));
    CHECK_OK(mv_volume_wrap(T, &w, wide, MEDVOL_F64, 5, dim, NULL));
    mv_volume_free(T, &d);
    CHECK_OK(mv_picture_flow(T, &d, &w, &o));
    CHECK(!memcmp(d.data, e.data, 24));
    mv_volume_free(T, &d), mv_volume_free(T, &e);
    memset(f, 0, sizeof f);
    CHECK_OK(mv_picture_flow(T, &d, &v, NULL));
    for (i = 0; i < 24; i++) CHECK(bytes(&d)[i] == 255);
    CHECK_STATUS(mv_picture_flow(T, &d, &d, NULL), MEDVOL_E_DTYPE);
    CHECK_STATUS(mv_picture_flow(T, NULL, &v, NULL), MEDVOL_E_NULL);
    mv_volume_free(T, &d);
}
static void jacobian_colours(void) {
    enum { X = 9, Y = 4 };
    static float f[2 * X * Y];
    static const double stretch[4] = {1, -0.5, 0, -1.5}; /* determinants 2, 1/2, 1, -1/2 */
    static const int want[4][3] = {{180, 4, 38}, {59, 76, 192}, {255, 255, 255}, {255, 220, 0}};
    mv_volume v = field_of(f, X, Y, 1), d = {0};
    mv_picture_opt o = {{0, 0}, {0, 0}, 2, 0, 0, 0};
    size_t i, k;
    for (k = 0; k < 4; k++) {
        for (i = 0; i < X * Y; i++) f[i] = (float)(stretch[k] * (double)(i % X));
        CHECK_OK(mv_picture_jacobian(T, &d, &v, NULL));
        for (i = 0; i < X * Y; i++) CHECK(is(bytes(&d) + 3 * i, want[k][0], want[k][1], want[k][2]));
    }
    for (i = 0; i < X * Y; i++) f[i] = (float)(i % X);
    CHECK_OK(mv_picture_jacobian(T, &d, &v, &o));
    CHECK(is(bytes(&d), 218, 130, 146)); /* half way: 217.5, 129.5, 146.5 */
    mv_volume_free(T, &d);
    CHECK_STATUS(mv_picture_jacobian(T, NULL, &v, NULL), MEDVOL_E_NULL);
}
static void grid_lines(void) {
    enum { X = 33, Y = 25 };
    static float f[3 * X * Y * 3];
    mv_volume v = field_of(f, X, Y, 1), w, d = {0}, e = {0};
    mv_picture_opt o = {{0, 0}, {0, 0}, 0, 8, 0, 0};
    size_t x, y, on = 0;
    memset(f, 0, sizeof f);
    CHECK_OK(mv_picture_grid(T, &d, &v, &o));
    CHECK(d.dtype == MEDVOL_U8 && d.ndim == 2);
    for (y = 0; y < Y; y++)
        for (x = 0; x < X; x++) CHECK(bytes(&d)[y * X + x] == (x % 8 == 0 || y % 8 == 0 ? 255 : 0));
    for (x = 0; x < X * Y; x++) f[x] = 2.5f; /* shifted by two voxels and a half: the line between two */
    CHECK_OK(mv_picture_grid(T, &d, &v, &o));
    for (y = 1; y < 8; y++)
        for (x = 0; x < X; x++)
            CHECK(bytes(&d)[y * X + x] == (x % 8 == 5 || x % 8 == 6 ? 128 : 0));
    for (x = 0; x < X * Y; x++) f[x] = (float)(x % X); /* twice as fast: lines every four voxels, no wider */
    CHECK_OK(mv_picture_grid(T, &d, &v, &o));
    for (y = 1; y < 8; y++)
        for (x = 0; x < X; x++) CHECK(bytes(&d)[y * X + x] == (x % 4 == 0 ? 255 : 0));
    o.width = 3;
    CHECK_OK(mv_picture_grid(T, &d, &v, &o));
    for (x = 0; x < X; x++) on += bytes(&d)[4 * X + x] == 255;
    CHECK(on == 25);
    o.width = -1;
    CHECK_STATUS(mv_picture_grid(T, &d, &v, &o), MEDVOL_E_RANGE);
    o.width = 0, o.plane = 3;
    CHECK_STATUS(mv_picture_grid(T, &d, &v, &o), MEDVOL_E_RANGE);
    o.plane = MEDVOL_PLANE_XZ; /* the world's lines, whichever way the voxels run */
    memset(f, 0, sizeof f);
    w = field_of(f, 11, 25, 3);
    w.affine[0] = 0, w.affine[1] = 1, w.affine[4] = 1, w.affine[5] = 0;
    CHECK_OK(mv_picture_grid(T, &e, &w, &o));
    for (y = 0; y < 25; y++)
        for (x = 0; x < 11; x++) CHECK(bytes(&e)[11 * 25 + 11 * y + x] == (y % 8 == 0 ? 255 : 0));
    for (x = 0; x < 11 * 25; x++) f[x + 11 * 25] = NAN;
    CHECK_OK(mv_picture_grid(T, &e, &w, &o));
    mv_volume_free(T, &d), mv_volume_free(T, &e);
}
const t_case tests_layers[] = {{"pairs", pairs, 0}, {"colour_modes", colour_modes, 0},
    {"wide_types", wide_types, 0}, {"lists", lists, 0}, {"large", large, 0}, {"dissolve", dissolve, 0},
    {"background", background, 0}, {"refused", refused, 0}, {"cancelled", cancelled, 0}, {"clahe", clahe, 0},
    {"clahe_floats", clahe_floats, 0}, {"match", match, 0}, {"checkerboard", checkerboard, 0},
    {"difference", difference, 0}, {"flow_colours", flow_colours, 0},
    {"jacobian_colours", jacobian_colours, 0}, {"grid_lines", grid_lines, 0}, {0}};
