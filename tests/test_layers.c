/* test_layers.c - composition of layers against the standards' formulas written down once more in doubles. */
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
                    back[i][1], back[i][2], back[i][3], bytes(&d)[(size_t)under * i], bytes(&d)[(size_t)under * i + 1],
                    bytes(&d)[(size_t)under * i + 2]);
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
                t_seed((uint64_t)(d * 5 + t + 9));
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
const t_case tests_layers[] = {{"pairs", pairs, 0}, {"colour_modes", colour_modes, 0},
    {"wide_types", wide_types, 0}, {"lists", lists, 0}, {"large", large, 0}, {"dissolve", dissolve, 0},
    {"background", background, 0}, {"refused", refused, 0}, {"cancelled", cancelled, 0}, {0}};
