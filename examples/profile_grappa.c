/* profile_grappa - missing lines of k-space from their neighbours: eight coils see a slice of the volume,
   every second or fourth line of its k-space is kept, and a block of lines about the centre.

   Build:  cc -O2 examples/profile_grappa.c -lm -lpthread -o profile_grappa
   Run:    ./profile_grappa 256 20
   Shows:  the kernels are fitted once, and a frame of a series then takes 320 (R = 2) or 480 (R = 4)
   multiply-adds of reals a sample and coil: arithmetic, not memory. In place nothing is copied. */
#include "example.h"

enum { PROFILE_GRAPPA_COILS = 8 };
/* K-space of nx x ny x nz points of the head, as seen by coils that stand round it. */
static void profile_grappa_kspace(ex *e, mv_volume *k, const mv_volume *head, size_t nx, size_t ny,
                                  size_t nz) {
    size_t dim[4], x, y, z, c, at;
    mv_fft_opt o;
    float *p;
    dim[0] = nx, dim[1] = ny, dim[2] = nz, dim[3] = PROFILE_GRAPPA_COILS;
    memset(k, 0, sizeof *k);
    EX_OK(mv_volume_alloc(&e->ctx, k, MEDVOL_C64, 4, dim));
    p = (float *)k->data;
    for (c = 0; c < PROFILE_GRAPPA_COILS; c++) {
        const double a = 6.2831853 * (double)c / PROFILE_GRAPPA_COILS;
        for (z = 0; z < nz; z++)
            for (y = 0; y < ny; y++)
                for (x = 0; x < nx; x++, p += 2) {
                    const double u = (double)x / (double)nx - 0.5, v = (double)y / (double)ny - 0.5;
                    const double w = nz > 1 ? (double)z / (double)nz - 0.5 : 0.0;
                    const double du = u - 0.5 * cos(a), dv = v - 0.5 * sin(a), dw = w - (c % 2 ? 0.3 : -0.3);
                    const double s = exp(-2.0 * (du * du + dv * dv + dw * dw));
                    at = x * head->dim[0] / nx;
                    if (head->ndim > 1) at += head->dim[0] * (y * head->dim[1] / ny);
                    if (head->ndim > 2)
                        at += head->dim[0] * head->dim[1] *
                            (nz > 1 ? z * head->dim[2] / nz : head->dim[2] / 2);
                    p[0] = (float)(s * cos(a + u - v) * (double)((const float *)head->data)[at]);
                    p[1] = (float)(s * sin(a + u - v) * (double)((const float *)head->data)[at]);
                }
    }
    memset(&o, 0, sizeof o);
    o.axes = nz > 1 ? 7 : 3;
    o.flags = MEDVOL_FFT_CENTERED | MEDVOL_FFT_UNITARY;
    EX_OK(mv_fft(&e->ctx, k, k, &o));
}
static double profile_grappa_distance(const mv_volume *a, const mv_volume *b) {
    const size_t n = 2 * mv_volume_count(a);
    const float *p = (const float *)a->data, *q = (const float *)b->data;
    double wrong = 0.0, all = 0.0;
    size_t i;
    for (i = 0; i < n; i++) {
        wrong += ((double)p[i] - (double)q[i]) * ((double)p[i] - (double)q[i]);
        all += (double)q[i] * (double)q[i];
    }
    return sqrt(wrong / all);
}
/* One lattice: kernels, then frames in place; the lines that are given must count for more than zeros. */
static void profile_grappa_row(ex *e, const char *fit, const char *name, const mv_volume *full, size_t ry,
                               size_t rz, size_t shift) {
    const size_t nx = full->dim[0], ny = full->dim[1], nz = full->dim[2];
    size_t start[4] = {0, 0, 0, 0}, size[4], y, z, c;
    mv_volume calib, k;
    mv_grappa g;
    mv_grappa_opt o;
    double without;
    size[0] = nx, size[1] = 32, size[2] = nz > 1 ? 16 : 1, size[3] = PROFILE_GRAPPA_COILS;
    start[1] = ny / 2 - 16, start[2] = nz > 1 ? nz / 2 - 8 : 0;
    memset(&o, 0, sizeof o);
    memset(&k, 0, sizeof k);
    o.accel[0] = ry, o.accel[1] = rz, o.shift = shift;
    if (nz > 1) o.kernel[0] = 3, o.kernel[1] = o.kernel[2] = 2;
    EX_OK(mv_volume_view(&e->ctx, &calib, full, start, size));
    memset(&g, 0, sizeof g);
    for (ex_begin(e, fit, &calib, 0, 0, 0, 0); ex_more(e);) {
        mv_grappa_free(&e->ctx, &g);
        EX_OK(mv_grappa_init(&e->ctx, &g, &calib, NULL, &o));
    }
    EX_OK(mv_volume_copy(&e->ctx, &k, full));
    for (c = 0; c < PROFILE_GRAPPA_COILS; c++)
        for (z = 0; z < nz; z++)
            for (y = 0; y < ny; y++)
                if (y % ry || (z + rz - shift * (y / ry) % rz) % rz)
                    memset((float *)k.data + 2 * nx * (y + ny * (z + nz * c)), 0, 8 * nx);
    without = profile_grappa_distance(&k, full);
    for (ex_begin(e, name, full, 0, 0, ex_bytes(full), 0); ex_more(e);)
        EX_OK(mv_grappa_execute(&e->ctx, &g, &k, &k));
    EX_EXPECT(e, profile_grappa_distance(&k, full) < without, "grappa: closer to what was left out");
    mv_grappa_free(&e->ctx, &g);
    mv_volume_free(&e->ctx, &k);
}
static void profile_grappa(ex *e) {
    mv_volume head, plane, volume;
    size_t n;
    ex_input(e, &head, MEDVOL_F32);
    n = head.dim[0] < 64 ? 64 : head.dim[0] > 512 ? 512 : head.dim[0];
    profile_grappa_kspace(e, &plane, &head, n, n, 1);
    profile_grappa_kspace(e, &volume, &head, n / 2, 48, 32);
    profile_grappa_row(e, "grappa, fit R = 2", "grappa, R = 2", &plane, 2, 1, 0);
    profile_grappa_row(e, "grappa, fit R = 4", "grappa, R = 4", &plane, 4, 1, 0);
    profile_grappa_row(e, "grappa, fit CAIPI 2 x 2", "grappa, CAIPI 2 x 2", &volume, 2, 2, 1);
    mv_volume_free(&e->ctx, &head);
    mv_volume_free(&e->ctx, &plane);
    mv_volume_free(&e->ctx, &volume);
}
EX_PROFILER(profile_grappa, "Missing lines of k-space from their neighbours, of eight coils")
