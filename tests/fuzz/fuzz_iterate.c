/* fuzz_iterate.c - wavelets, terms, encodings and solvers of any sort: refused by name, or what the scalar level
 * makes. */
#include "fuzz.h"

enum { ROOM = 8192 }; /* 9 x 8 x 2 voxels of 3 coils in 3 frames, pairs */
static float data[2][ROOM], weights[64], times[16], field[160], basis[16];
static double traj[3 * 64];

static mv_status volume(mv_ctx *c, mv_volume *v, void *p, mv_dtype t, const size_t *dim, int ndim) {
    size_t d[7];
    int k;
    for (k = 0; k < 7; k++) d[k] = k < ndim ? dim[k] : 1;
    if (fz_byte() > 245) d[fz_byte() % 5] = 1, ndim = 5;
    return mv_volume_wrap(c, v, p, fz_byte() > 250 ? MEDVOL_U8 : t, ndim, d, NULL);
}
static void numbers(float *p, size_t n, int wild) {
    size_t i;
    for (i = 0; i < n; i++) p[i] = (float)((double)(fz_noise() & 0xffff) / 32768.0 - 1.0);
    if (wild) p[fz_byte() % (n < 64 ? n : 64)] = (float)fz_number();
}
static void term(mv_reg *r, int wild) {
    memset(r, 0, sizeof *r);
    r->kind = wild ? (int)fz_byte() - 3 : (int)(fz_byte() % 5);
    r->lambda = wild ? fz_number() : 0.05 * (1 + (double)(fz_byte() % 4));
    r->wavelet = wild ? (int)fz_byte() - 2 : (int)(fz_byte() % 3);
    r->levels = wild ? (int)fz_byte() - 9 : (int)(fz_byte() % 4);
    r->axes = fz_byte() % (wild ? 256 : 8), r->joint = wild ? fz_byte() : fz_byte() % 2 * 8;
    if (!wild && r->kind == MEDVOL_REG_TV) r->joint = 0;
    r->block = wild ? fz_size() : fz_byte() % 5;
    r->cycle = (int)(fz_byte() % (wild ? 4 : 2)), r->seed = fz_noise();
}
static mv_status op_wavelet(fz_step *s) {
    mv_wavelet_opt o;
    const int wild = fz_byte() > 230;
    int k;
    memset(&o, 0, sizeof o);
    o.wavelet = wild ? (int)fz_byte() - 2 : (int)(fz_byte() % 3);
    o.levels = wild ? (int)fz_byte() - 9 : (int)(fz_byte() % 5);
    o.axes = fz_byte() % (wild ? 256 : 16);
    for (k = 0; k < 7; k++) o.shift[k] = wild ? fz_size() : 0;
    o.shift[0] = fz_byte() % 3;
    s->loose = HUGE_VAL; /* sources hold any numbers */
    return fz_byte() & 1 ? mv_wavelet_forward(s->ctx, s->dst, s->src, &o)
                         : mv_wavelet_inverse(s->ctx, s->dst, s->src, &o);
}
static mv_status op_prox(fz_step *s) {
    const size_t dim[4] = {1 + fz_byte() % 9, 1 + fz_byte() % 8, 1 + fz_byte() % 2, 1 + fz_byte() % 3};
    const int wild = fz_byte() > 220;
    mv_volume v;
    mv_reg r;
    double value = 0;
    mv_status st;
    numbers(data[0], ROOM, wild);
    term(&r, wild);
    if ((st = volume(s->ctx, &v, data[0], MEDVOL_C64, dim, 4)) < 0) return st;
    s->loose = wild || r.kind == MEDVOL_REG_TV ? HUGE_VAL : 0.02;
    if (fz_byte() & 1) {
        if ((st = mv_reg_value(s->ctx, &value, &v, &r)) < 0) return st;
        if (!wild) fz_near(&value, 1);
    }
    return mv_prox(s->ctx, s->dst, &v, &r, wild ? fz_number() : 1.0);
}
/* an encoding's description, from the tape */
typedef struct scene {
    mv_encoding_desc d;
    mv_volume maps, mask, traj, weights, field, times, basis, data, image;
    int wild;
} scene;
static mv_status begin(fz_step *s, scene *c) {
    const size_t x = 1 + fz_byte() % 9, y = 1 + fz_byte() % 8, z = 1 + fz_byte() % 2,
                 coils = 1 + fz_byte() % 3;
    const size_t frames = 1 + fz_byte() % 3, sets = fz_byte() > 200 ? 2 : 1, radial = fz_byte() & 1;
    const size_t samples = 1 + fz_byte() % 8, shots = 1 + fz_byte() % 7;
    const size_t mdim[5] = {x, y, z, coils, sets},
                 kdim[5] = {radial ? 1 : x, radial ? samples : y, radial ? shots : z, coils, frames};
    const size_t tdim[5] = {3, samples, shots, 1, 1}, wdim[3] = {1, radial ? samples : y, radial ? shots : 1};
    const size_t mask[3] = {1, y, 1}, line[2] = {radial ? 1 : x, radial ? samples : 1}, bdim[2] = {frames, 2};
    const int with_maps = fz_byte() & 1, with_field = fz_byte() > 200, with_basis = fz_byte() > 200;
    const size_t images = with_maps ? sets : coils, last = with_basis ? 2 : frames;
    size_t idim[5] = {x, y, z, images, last}, i;
    mv_status st = MEDVOL_OK;
    memset(c, 0, sizeof *c);
    c->wild = fz_byte() > 225;
    if (images == 1) idim[3] = last, idim[4] = 1;
    numbers(data[0], ROOM, c->wild), numbers(data[1], ROOM, c->wild), numbers(field, 160, c->wild);
    numbers(basis, 16, c->wild);
    for (i = 0; i < 64; i++) weights[i] = (float)(1 + fz_noise() % 3) * 0.5f;
    for (i = 0; i < 16; i++) times[i] = (float)i * 0.01f;
    for (i = 0; i < 64; i++) {
        traj[3 * i] = x > 1 ? ((double)(fz_noise() & 0xff) / 256 - 0.5) * (double)x : 0;
        traj[3 * i + 1] = y > 1 ? ((double)(fz_noise() & 0xff) / 256 - 0.5) * (double)y : 0;
        traj[3 * i + 2] = 0;
    }
    if (c->wild)
        weights[fz_byte() % 64] = (float)fz_number(), traj[fz_byte() % 64] = fz_number(),
                            times[3] = (float)fz_number();
    c->d.shape[0] = x, c->d.shape[1] = y, c->d.shape[2] = z, c->d.coils = coils, c->d.frames = frames;
    if (with_maps) {
        st = volume(s->ctx, &c->maps, data[1], MEDVOL_C64, mdim, 5);
        c->d.maps = &c->maps;
    }
    if (st == MEDVOL_OK && radial) {
        st = mv_volume_wrap(s->ctx, &c->traj, traj, MEDVOL_F64, 5, tdim, NULL);
        c->d.traj = &c->traj;
        if (st == MEDVOL_OK && fz_byte() & 1) {
            st = mv_volume_wrap(s->ctx, &c->weights, weights, MEDVOL_F32, 3, wdim, NULL);
            c->d.weights = &c->weights;
        }
        c->d.toeplitz = fz_byte() & 1 ? MEDVOL_TOEPLITZ_NEVER : MEDVOL_TOEPLITZ_AUTO;
        c->d.tolerance = fz_byte() > 250 ? fz_number() : 1e-3;
    } else if (st == MEDVOL_OK && fz_byte() & 1) {
        st = mv_volume_wrap(s->ctx, &c->mask, weights, MEDVOL_F32, 3, mask, NULL);
        c->d.mask = &c->mask;
    }
    if (st == MEDVOL_OK && with_field) {
        st = mv_volume_wrap(s->ctx, &c->field, field, MEDVOL_F32, 3, mdim, NULL);
        if (st == MEDVOL_OK) st = mv_volume_wrap(s->ctx, &c->times, times, MEDVOL_F32, 2, line, NULL);
        c->d.field = &c->field, c->d.times = &c->times;
        c->d.segments = (int)(fz_byte() % 5) - (c->wild ? 1 : 0);
        c->d.field_error = fz_byte() > 250 ? fz_number() : 0;
    }
    if (st == MEDVOL_OK && with_basis) {
        st = mv_volume_wrap(s->ctx, &c->basis, basis, MEDVOL_F32, 2, bdim, NULL);
        c->d.basis = &c->basis;
    }
    if (st == MEDVOL_OK) st = volume(s->ctx, &c->data, data[0], MEDVOL_C64, kdim, 5);
    if (st == MEDVOL_OK) st = volume(s->ctx, &c->image, data[0], MEDVOL_C64, idim, 5);
    return st;
}
static mv_status op_encoding(fz_step *s) {
    const unsigned which = fz_byte() % 5;
    mv_operator op;
    mv_encoding e;
    scene c;
    mv_status st = begin(s, &c);
    if (st < 0 || (st = mv_encoding_init(s->ctx, &e, &c.d)) < 0) return st;
    s->loose = c.wild ? HUGE_VAL : 0.05;
    if (which == 0) st = mv_encoding_forward(s->ctx, &e, s->dst, &c.image);
    else if (which == 1) st = mv_encoding_adjoint(s->ctx, &e, s->dst, &c.data);
    else if (which == 2) st = mv_encoding_normal(s->ctx, &e, s->dst, &c.image);
    else if (which == 3) st = mv_encoding_weigh(s->ctx, &e, s->dst, &c.data);
    else if ((st = mv_encoding_operator(s->ctx, &e, &op)) == MEDVOL_OK) {
        double error[2] = {0, 0};
        mv_operator_check_opt o;
        memset(&o, 0, sizeof o);
        o.error = error, o.trials = 1, o.tolerance = fz_byte() > 240 ? fz_number() : 0.05;
        st = mv_operator_check(s->ctx, &op, &o);
        if (st == MEDVOL_OK) st = mv_encoding_weigh(s->ctx, &e, s->dst, &c.data);
    }
    mv_encoding_free(s->ctx, &e);
    return st;
}
static mv_status op_recon(fz_step *s) {
    mv_recon_opt o;
    mv_solve_report last;
    mv_reg r[2];
    scene c;
    mv_status st = begin(s, &c);
    if (st < 0) return st;
    memset(&o, 0, sizeof o);
    term(&r[0], c.wild), term(&r[1], 0);
    o.solver = (int)(fz_byte() % (c.wild ? 9 : 6)), o.scale = fz_byte() > 240 ? fz_number() : 0;
    o.solve.lambda = fz_byte() > 240 ? fz_number() : 0.1;
    o.solve.regs = r, o.solve.reg_count = fz_byte() % 3, o.solve.iterations = 1 + (int)(fz_byte() % 3);
    o.solve.norm = fz_byte() > 240 ? fz_number() : 0, o.solve.rho = fz_byte() > 240 ? fz_number() : 0;
    o.solve.inner = (int)(fz_byte() % 3), o.solve.objective = (int)(fz_byte() & 1), o.solve.last = &last;
    o.solve.tolerance = fz_byte() > 240 ? fz_number() : 0;
    s->loose = HUGE_VAL; /* steps beyond a tie of a norm or a threshold */
    return mv_recon(s->ctx, s->dst, &c.data, &c.d, &o);
}
static mv_status solve(unsigned which, mv_ctx *ctx, float *x, const mv_operator *op, const float *y,
                       const mv_solve_opt *o) {
    switch (which) {
        case 0: return mv_solve_cg(ctx, x, op, y, o);
        case 1: return mv_solve_lsmr(ctx, x, op, y, o);
        case 2: return mv_solve_fista(ctx, x, op, y, o);
        case 3: return mv_solve_admm(ctx, x, op, y, o);
        default: return mv_solve_pdhg(ctx, x, op, y, o);
    }
}
static mv_status op_solve(fz_step *s) {
    static float x[ROOM];
    const unsigned which = fz_byte() % 5;
    mv_solve_opt o;
    mv_operator op;
    mv_encoding e;
    mv_reg r;
    scene c;
    size_t i;
    mv_status st = begin(s, &c);
    if (st < 0 || (st = mv_encoding_init(s->ctx, &e, &c.d)) < 0) return st;
    memset(&o, 0, sizeof o);
    o.iterations = 2, o.lambda = 0.2, o.regs = &r, o.reg_count = fz_byte() & 1, o.ndim = e.ndim,
    o.norm = e.norm;
    o.check = fz_byte() > 200, o.warm = fz_byte() > 200;
    for (i = 0; i < 7; i++) o.dim[i] = fz_byte() > 250 ? 2 : e.dim[i];
    term(&r, c.wild);
    s->loose = HUGE_VAL;
    for (i = 0; i < ROOM; i++) x[i] = 0.5f;
    st = e.domain <= ROOM / 2 && e.range <= ROOM / 2 ? mv_encoding_operator(s->ctx, &e, &op) : MEDVOL_E_SIZE;
    if (st == MEDVOL_E_SIZE) st = mv_encoding_operator(s->ctx, NULL, &op);
    if (st == MEDVOL_OK) st = solve(which, s->ctx, x, &op, data[0], &o);
    for (i = 0; st < 0 && i < ROOM; i++) MUST(x[i] == 0.5f);
    if (st == MEDVOL_OK) st = mv_encoding_weigh(s->ctx, &e, s->dst, &c.data);
    mv_encoding_free(s->ctx, &e);
    return st;
}
static const fz_op ops[] = {op_wavelet, op_prox, op_encoding, op_recon, op_solve};
FUZZ(iterate) { return fz_steps(p, n, ops, 5, 1 << 23); }
