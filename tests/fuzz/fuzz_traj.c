/* fuzz_traj.c - trajectories of any options; units, delays, bins and weights of any trajectory: refused by
 * name, or what the scalar level makes. */
#include "fuzz.h"

enum { ROOM = 4096 };
static double room[ROOM];
static float pairs[2 * ROOM];

static double number(double usual) { return fz_byte() > 240 ? fz_number() : usual * (double)fz_byte() / 100; }
static size_t few(size_t most) { return fz_byte() > 250 ? fz_size() : fz_byte() % most; }
static void gradients(mv_gradients *g) {
    g->gradient = number(40), g->slew = number(150), g->fov = number(0.3),
    g->gamma = fz_byte() > 250 ? fz_number() : 0;
    g->dwell = fz_byte() > 240 ? fz_number() : 2e-5;
}
static mv_status op_made(fz_step *s) {
    switch (fz_byte() % 7) {
        case 0: {
            mv_radial_opt o;
            memset(&o, 0, sizeof o);
            o.samples = few(20), o.shots = few(12), o.frames = few(4), o.size = number(20),
            o.order = (int)(fz_byte() % 5);
            o.tiny = (int)(fz_byte() % 9) - 1, o.half = fz_byte() & 1, o.centre = fz_byte() & 1,
            o.repeat = fz_byte() & 1;
            o.start = number(100), o.range = fz_byte() > 200 ? number(200) : 0, o.first = few(100),
            o.total = few(60) * (fz_byte() & 1);
            return mv_traj_radial(s->ctx, s->dst, &o);
        }
        case 1: {
            mv_koosh_opt o;
            memset(&o, 0, sizeof o);
            o.samples = few(20), o.shots = few(12), o.frames = few(4), o.size = number(20),
            o.kind = (int)(fz_byte() % 3);
            o.half = fz_byte() & 1, o.centre = fz_byte() & 1, o.repeat = fz_byte() & 1, o.first = few(100),
            o.interleaves = few(4);
            return mv_traj_koosh(s->ctx, s->dst, &o);
        }
        case 2: {
            mv_spiral_opt o;
            memset(&o, 0, sizeof o);
            o.shots = few(6), o.frames = few(3), o.interleaves = few(9), o.size = number(12),
            o.inner = number(1);
            o.outer = number(1), o.power = number(2), o.turn = number(90), o.start = number(90),
            o.first = few(5);
            gradients(&o.limits);
            return mv_traj_spiral(s->ctx, s->dst, &o);
        }
        case 3: {
            mv_cones_opt o;
            memset(&o, 0, sizeof o);
            o.size = fz_byte() > 240 ? fz_number() : 3, o.cones = few(5), o.shots = few(5);
            if (o.size > 64) o.size = 64; /* takes seconds */
            if (o.cones > 40) o.cones = 200000;
            gradients(&o.limits);
            return mv_traj_cones(s->ctx, s->dst, &o);
        }
        case 4: {
            mv_rosette_opt o;
            memset(&o, 0, sizeof o);
            o.samples = few(30), o.shots = few(5), o.size = number(20), o.petals = number(5),
            o.turns = number(5);
            return mv_traj_rosette(s->ctx, s->dst, &o);
        }
        default: {
            mv_epi_opt o;
            memset(&o, 0, sizeof o);
            o.samples = few(20), o.lines = few(12), o.size = number(20), o.shots = few(4), o.first = few(4);
            if (fz_byte() & 1)
                o.up = number(9), o.flat = number(20), o.down = number(9), o.delay = number(1),
                o.dwell = number(1);
            o.centre = fz_byte() & 1;
            return mv_traj_epi(s->ctx, s->dst, &o);
        }
    }
}
/* a trajectory of spokes, or of noise, or wild, of any shape */
static mv_status points(mv_ctx *c, mv_volume *v, size_t *samples, size_t *shots, int *wild) {
    const unsigned kind = fz_byte();
    size_t dim[5], i, n;
    int k;
    *samples = 1 + fz_byte() % 40, *shots = 1 + fz_byte() % 12;
    dim[0] = fz_byte() > 250 ? fz_byte() % 5 : 3, dim[1] = *samples, dim[2] = *shots,
    dim[3] = fz_byte() > 250 ? 2 : 1;
    dim[4] = fz_byte() > 200 ? 2 : 1;
    for (n = 1, k = 0; k < 5; k++) n *= dim[k];
    for (i = 0; i < ROOM; i++) {
        const double r = (double)(i / 3 % *samples) - 0.5 * (double)(kind & 1 ? 0 : *samples - 1),
                     a = (double)(i / 3 / *samples);
        room[i] = i % 3 == 2 ? (kind > 230 ? r : 0) : i % 3 ? r * cos(a) : r * sin(a);
        if (kind > 120 && kind < 200) room[i] = i % 3 == 2 ? 0 : (double)(fz_noise() & 0xfff) / 100 - 20;
        if (kind > 200 && kind < 210) room[i] = 1;
    }
    *wild = fz_byte() > 230;
    if (*wild) room[fz_byte() % ROOM] = fz_number();
    if (n > ROOM) dim[4] = 1;
    return mv_volume_wrap(c, v, room, fz_byte() > 250 ? MEDVOL_I16 : MEDVOL_F64, 5, dim, NULL);
}
static mv_status op_taken(fz_step *s) {
    size_t samples, shots, shape[3], i;
    uint32_t index[16];
    double fov[3], delay[6], numbers[24];
    mv_volume t;
    int wild;
    mv_status st = points(s->ctx, &t, &samples, &shots, &wild);
    if (st < 0) return st;
    for (i = 0; i < 3; i++) shape[i] = few(30), fov[i] = number(0.3);
    for (i = 0; i < 6; i++) delay[i] = number(1);
    for (i = 0; i < 16; i++)
        index[i] = fz_byte() > 250 ? MEDVOL_NO_BIN : fz_byte() % (fz_byte() > 240 ? 16 : 3);
    switch (fz_byte() % 12) {
        case 0:
            return mv_traj_convert(s->ctx, s->dst, &t, (int)(fz_byte() % 5), (int)(fz_byte() % 5),
                fz_byte() > 250 ? NULL : shape, fz_byte() > 250 ? NULL : fov);
        case 1: return mv_traj_delay(s->ctx, s->dst, &t, delay);
        case 2: return mv_traj_select(s->ctx, s->dst, &t, index, fz_byte() % 9);
        case 3:
            t.dim[4] = 1, t.ndim = 4;
            return mv_traj_bin(s->ctx, s->dst, &t, index, fz_byte() % 5, few(12));
        case 4: return mv_dcf_radial(s->ctx, s->dst, &t);
        case 5: return mv_dcf_angular(s->ctx, s->dst, &t);
        case 6: return mv_dcf_cells(s->ctx, s->dst, &t, number(1));
        case 7: {
            mv_voronoi_opt o;
            memset(&o, 0, sizeof o);
            o.bound = (int)(fz_byte() % 4), o.radius = fz_byte() & 1 ? number(20) : 0;
            o.box[0] = fz_byte() & 1 ? number(20) : 0, o.box[1] = fz_byte() & 1 ? number(20) : 0;
            st = mv_dcf_voronoi(s->ctx, s->dst, &t, &o);
            for (i = 0; st == MEDVOL_OK && i < mv_volume_count(s->dst); i++)
                MUST(((const float *)s->dst->data)[i] >= 0);
            return st;
        }
        case 8: {
            mv_stack_opt o;
            memset(&o, 0, sizeof o);
            o.partitions = few(4), o.step = number(1), o.turn = number(90), o.outer = fz_byte() & 1;
            return mv_traj_stack(s->ctx, s->dst, &t, &o);
        }
        case 9: {
            mv_gradient_peaks p;
            mv_gradients g;
            gradients(&g);
            memset(&p, 0, sizeof p);
            st = mv_traj_limits(s->ctx, &p, &t, &g);
            s->hash = fz_hash(s->hash, &p, sizeof p);
            if (st == MEDVOL_OK && t.dim[2] * t.dim[4] <= 24) st = mv_traj_angles(s->ctx, numbers, &t);
            return st;
        }
        case 10: {
            mv_phantom_opt o;
            memset(&o, 0, sizeof o);
            o.coils = fz_byte() % 3, o.kind = (int)(fz_byte() % 2);
            s->loose = wild ? HUGE_VAL : 1e-6;
            return mv_phantom_samples(s->ctx, s->dst, &t, shape, &o);
        }
        default: {
            float soft[64];
            uint32_t bin[16];
            mv_gate_opt o;
            memset(&o, 0, sizeof o);
            o.kind = (int)(fz_byte() % 5), o.bins = fz_byte() > 250 ? fz_size() : fz_byte() % 5,
            o.low = number(1) - 1;
            o.high = number(2), o.period = number(3), o.apart = fz_byte() % 5, o.decay = number(3);
            st = mv_gate_bins(s->ctx, bin, o.bins <= 4 ? soft : NULL, room, fz_byte() % 17, &o);
            return st;
        }
    }
}
static mv_status op_delays(fz_step *s) {
    const size_t coils = 1 + fz_byte() % 2;
    size_t samples, shots, dim[5], i;
    double delay[6];
    mv_delay_opt o;
    mv_volume t, d;
    int wild, opposed = fz_byte() & 1;
    mv_status st = points(s->ctx, &t, &samples, &shots, &wild);
    if (st < 0) return st;
    for (i = 0; i < 2 * ROOM; i++) {
        const double r = ((double)(i / 2 % samples) - 0.5 * (double)samples) / 2;
        pairs[i] = (float)(1 / (1 + r * r)) + (float)(fz_noise() & 0xff) * 1e-4f;
    }
    if (wild) pairs[fz_byte()] = (float)fz_number();
    dim[0] = 1, dim[1] = samples, dim[2] = shots, dim[3] = coils, dim[4] = t.dim[4];
    if (samples * shots * coils * dim[4] > ROOM) return MEDVOL_E_SIZE;
    st = mv_volume_wrap(s->ctx, &d, pairs, MEDVOL_C64, 5, dim, NULL);
    memset(&o, 0, sizeof o);
    o.most = number(2), o.tolerance = number(10);
    if (st == MEDVOL_OK)
        st = opposed ? mv_delay_opposed(s->ctx, delay, &d, &t, &o) : mv_delay_ring(s->ctx, delay, &d, &t, &o);
    for (i = 0; st == MEDVOL_OK && i < 6; i++) MUST(fabs(delay[i]) <= 64);
    return st == MEDVOL_E_SIZE ? MEDVOL_OK : st;
}
static const fz_op ops[] = {op_made, op_taken, op_delays};
FUZZ(traj) { return fz_steps(p, n, ops, 3, 1 << 23); }
