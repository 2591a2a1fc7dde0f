/* profile_compose_layers - layers on a background: three at once, in 8, 16 bits and float, grey and colour,
   and the contrast that makes them comparable.

   Build:  cc -O2 examples/profile_compose_layers.c -lm -lpthread -o profile_compose_layers
   Run:    ./profile_compose_layers 256 20
   Shows:  that layers cost what reading each of them once costs: nothing is kept between them. */
#include "example.h"

static void profile_compose_layers(ex *e) {
    static const mv_dtype types[5] = {
        MEDVOL_U8, MEDVOL_RGB24, MEDVOL_RGBA32, MEDVOL_U16, MEDVOL_F32};
    static const char *const name[5] = {"3 layers, grey", "3 layers, colour", "3 layers, colour and alpha",
        "3 layers, 16 bits", "3 layers, float"};
    mv_volume grey, v[5];
    mv_layer l[3];
    size_t i, k, t, n, size;
    double b;

    ex_input(e, &grey, MEDVOL_U8);
    n = mv_volume_count(&grey);
    for (t = 0; t < 5; t++) {
        unsigned char *p;
        size = mv_dtype_size(types[t]);
        memset(l, 0, sizeof l);
        for (k = 0; k < 5; k++) {
            ex_empty_like(e, &v[k], &grey, types[t]);
            for (i = 0, p = (unsigned char *)v[k].data; i < n * size; i++) {
                const unsigned char g = ((const unsigned char *)grey.data)[i / size];
                p[i] = (unsigned char)(k == 0 && types[t] == MEDVOL_RGBA32 && i % 4 == 3 ? 255 : g + 17 * k);
            }
            for (i = 0; types[t] == MEDVOL_F32 && i < n; i++)
                ((float *)v[k].data)[i] = (float)((const unsigned char *)grey.data)[i] / 255.0f;
        }
        for (k = 0; k < 3; k++) l[k].image = &v[k + 1], l[k].opacity = 0.5;
        l[1].mode = MEDVOL_BLEND_MULTIPLY;
        l[2].mode = MEDVOL_BLEND_SCREEN;
        b = ex_bytes(&v[0]);
        EX_OK(mv_compose_layers(&e->ctx, &v[4], &v[0], l, 0, NULL));
        EX_EXPECT(e, types[t] == MEDVOL_F32 || !memcmp(v[4].data, v[0].data, n * size), "no layer: a copy");
        for (ex_begin(e, name[t], &v[0], 3 * b, b, 0, 0); ex_more(e);)
            EX_OK(mv_compose_layers(&e->ctx, &v[4], &v[0], l, 3, NULL));
        if (t < 2) {
            l[1].mode = l[2].mode = MEDVOL_BLEND_NORMAL;
            for (ex_begin(e, t ? "3 plain, colour" : "3 plain, grey", &v[0], 3 * b, b, 0, 0); ex_more(e);)
                EX_OK(mv_compose_layers(&e->ctx, &v[4], &v[0], l, 3, NULL));
            l[0].mode = MEDVOL_BLEND_SOFT_LIGHT;
            for (ex_begin(e, t ? "soft light, colour" : "soft light, grey", &v[0], b, b, 0, 0); ex_more(e);)
                EX_OK(mv_compose_layers(&e->ctx, &v[4], &v[0], l, 1, NULL));
        }
        if (t == 1) {
            l[0].mode = MEDVOL_BLEND_LUMINOSITY;
            for (ex_begin(e, "luminosity, colour", &v[0], b, b, 0, 0); ex_more(e);)
                EX_OK(mv_compose_layers(&e->ctx, &v[4], &v[0], l, 1, NULL));
        }
        if (t == 0) {
            for (ex_begin(e, "equalisation, 8 x 8 tiles", &v[0], b, b, 0, 0); ex_more(e);)
                EX_OK(mv_clahe(&e->ctx, &v[4], &v[0], NULL));
            for (ex_begin(e, "matched histogram", &v[0], 2 * b, b, 0, 0); ex_more(e);)
                EX_OK(mv_match_histogram(&e->ctx, &v[4], &v[0], &v[1], NULL));
        }
        for (k = 0; k < 5; k++) mv_volume_free(&e->ctx, &v[k]);
    }
    mv_volume_free(&e->ctx, &grey);
}
EX_PROFILER(profile_compose_layers, "layers on a background, equalisation, matched histograms")
