/* fuzz_grappa.c - masks, lattices, kernels and calibration regions of any kind: refused by name, or what was
   sampled is as it was and the rest is what the scalar level gives. */
#include "fuzz.h"

typedef struct result {
    mv_status st;
    double scale; /* values are compared to so much of it; 0: not */
    size_t n;
    float data[6000];
} result;
static result of[2];

static int volume(mv_ctx *c, mv_volume *v, mv_dtype t, size_t x, size_t y, size_t z, size_t coils,
                  size_t frames) {
    size_t dim[5];
    dim[0] = x, dim[1] = y, dim[2] = z, dim[3] = coils, dim[4] = frames;
    memset(v, 0, sizeof *v);
    return mv_volume_alloc(c, v, t, frames > 1 ? 5 : coils > 1 ? 4 : 3, dim) == MEDVOL_OK;
}
static void noise(mv_volume *v, uint32_t seed, double scale) {
    const size_t n = mv_volume_count(v) * 2;
    size_t i;
    for (i = 0; i < n; i++) {
        const double x = ((double)(seed >> 12) / 524288.0 - 1.0) * scale;
        seed = seed * 1664525u + 1013904223u;
        if (v->dtype == MEDVOL_C128) ((double *)v->data)[i] = x;
        else ((float *)v->data)[i] = (float)x;
    }
}
static void fill_mask(mv_volume *m) { /* a lattice, a block in the middle, a few lines changed */
    const unsigned how = fz_byte(), ry = 1 + fz_byte() % 5, rz = 1 + fz_byte() % 3, s = fz_byte() % ry;
    const unsigned fy = fz_byte() % 8, fz = fz_byte() % 8, by = fz_byte() % 10, bz = fz_byte() % 10;
    const size_t nx = m->dim[0], ny = m->dim[1], nz = m->dim[2];
    float *p = (float *)m->data;
    size_t x, y, z;
    for (z = 0; z < nz; z++)
        for (y = 0; y < ny; y++)
            for (x = 0; x < nx; x++) {
                const int block = y + by >= ny / 2 && y < ny / 2 + by && z + bz >= nz / 2 && z < nz / 2 + bz;
                const size_t slip = s * ((z + fz) / rz) % ry;
                *p++ = how > 240 ? (float)fz_byte()
                                 : (float)(block || ((z + fz) % rz == 0 && (y + fy + ry - slip) % ry == 0));
            }
    if (nx * ny * nz > 0 && (how & 1)) ((float *)m->data)[fz_byte() % (nx * ny * nz)] = (float)fz_number();
}
static void play(mv_ctx *c, const uint8_t *p, size_t n, result *r) {
    mv_volume src, acs, mask, dst;
    mv_grappa g;
    mv_grappa_opt o;
    const mv_volume *m;
    size_t x, y, z, coils, frames;
    unsigned how, seed;
    int k;
    fz_tape(p, n);
    memset(&o, 0, sizeof o);
    memset(&dst, 0, sizeof dst);
    memset(&g, 0, sizeof g);
    memset(&acs, 0, sizeof acs);
    memset(&mask, 0, sizeof mask);
    how = fz_byte(), seed = fz_byte();
    x = 1 + fz_byte() % 20, y = 1 + fz_byte() % 24, z = 1 + (fz_byte() & 1 ? fz_byte() % 12 : 0);
    coils = 1 + fz_byte() % 4, frames = 1 + fz_byte() % 2;
    while (x * y * z * coils * frames > 2800) z = 1, x = x / 2 + 1, frames = 1;
    for (k = 0; k < 3; k++) o.kernel[k] = fz_byte() & 1 ? 0 : fz_byte() > 250 ? fz_size() : fz_byte() % 5;
    if (how & 1) {
        for (k = 0; k < 2; k++) o.accel[k] = fz_byte() > 250 ? fz_size() : fz_byte() % 5;
        o.shift = fz_byte() > 250 ? fz_size() : fz_byte() % 5;
        for (k = 0; k < 2; k++) o.first[k] = fz_byte() > 250 ? fz_size() : fz_byte();
    }
    o.lambda = how & 2 ? fz_number() : 0;
    o.refill = how >> 2 & 1;
    r->st = MEDVOL_E_NOMEM;
    r->n = 0;
    r->scale = o.lambda == 0 ? 1.0 : 0;
    if (!volume(c, &src, how & 8 ? MEDVOL_C128 : MEDVOL_C64, x, y, z, coils, frames) ||
        !volume(c, &acs, MEDVOL_C64, x + fz_byte() % 4, 1 + fz_byte() % 24, z > 1 ? 1 + fz_byte() % 12 : 1,
            coils + (fz_byte() > 250), 1) ||
        !volume(c, &mask, MEDVOL_F32, fz_byte() > 200 ? x : 1, fz_byte() > 240 ? 1 : y,
            fz_byte() > 240 ? 1 : z, 1, 1))
        goto done;
    noise(&src, seed, 1);
    noise(&acs, seed + 1, fz_byte() > 240 ? 1e30 : 1);
    if (fz_byte() > 250) ((float *)acs.data)[0] = (float)fz_number(), r->scale = 0;
    fill_mask(&mask);
    m = how & 16 && how & 1 ? NULL : &mask;
    if (how & 32) r->st = mv_grappa_recon(c, &dst, &src, how & 64 ? NULL : &acs, m, &o);
    else {
        r->st = mv_grappa_init(c, &g, &acs, m, &o);
        MUST((r->st == MEDVOL_OK) == (g.kernels != NULL));
        if (r->st == MEDVOL_OK) {
            const size_t dy = fz_byte() % 6, dz = fz_byte() % 6;
            const int inside = dy < g.accel[0] && dz < g.accel[1] && dy + dz > 0;
            ptrdiff_t at[2 * 15 * 15];
            MUST(mv_grappa_kernel(c, &g, dy, dz, at, NULL) == (inside ? MEDVOL_OK : MEDVOL_E_RANGE));
        }
        if (r->st == MEDVOL_OK) r->st = mv_grappa_execute(c, &g, how & 128 && !(how & 8) ? &src : &dst, &src);
        mv_grappa_free(c, &g);
    }
    if (r->st == MEDVOL_OK) {
        const mv_volume *v = dst.data ? &dst : &src;
        r->n = 2 * mv_volume_count(v);
        MUST(v->dtype == MEDVOL_C64 && r->n <= sizeof r->data / sizeof *r->data);
        memcpy(r->data, v->data, r->n * sizeof(float));
    } else {
        MUST(!dst.data);
        fz_failed(c, r->st);
    }
done:
    mv_volume_free(c, &src);
    mv_volume_free(c, &acs);
    mv_volume_free(c, &mask);
    mv_volume_free(c, &dst);
    fz_end();
}
FUZZ(grappa) {
    size_t i;
    if (n < 3) return 0;
    fz_level(p[1]);
    play(p[1] & 4 ? fz_begin_pool(p[0], 1 << 24) : fz_begin(p[0], 1 << 24), p + 2, n - 2, &of[0]);
    if (fz_refused()) return 0;
    fz_level(0);
    play(fz_begin(0, 1 << 24), p + 2, n - 2, &of[1]);
    if (fz_refused() || !(of[0].scale > 0)) return 0;
    MUST(of[0].st == of[1].st && of[0].n == of[1].n);
    for (i = 0; i < of[0].n; i++)
        MUST(fabs((double)of[0].data[i] - (double)of[1].data[i]) <= 1e-2 * (1 + fabs((double)of[1].data[i])));
    return 0;
}
