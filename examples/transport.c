/* transport - proton beams in water, or in a plane of a CT: dose as .nii.gz, depth against dose as .csv, and
   a picture of both; or pencil beams in a volume, with its three planes through the peak. For research and
   teaching; not for clinical use.

   Build:  cc -O2 examples/transport.c -lm -lpthread -o transport
   Run:    ./transport                       70 MeV in water
           ./transport --volume --spots 3,8  nine round spots in a box of water
           ./transport --energy 140,150 --sigma 4 --spots 5,6
           ./transport --ct ct.nii.gz --plane 120 --energy 120   in Hounsfield units, along +z of the file
           ./transport --accuracy            time and error over steps, as a table */
#include "example.h"

static const char usage[] =
    "transport [--energy MeV[,MeV...]=70] [--spread MeV=0] [--sigma MM=3] [--spots N,MM] [--protons N=1]\n"
    "          [--ct FILE [--plane Y | --volume]] [--volume] [--dz MM=1] [--dx MM=1] [--fine N=2]\n"
    "          [--angle DEGREES=1] [--leak SHARE=0.01] [--nuclear] [--gray] [--out PREFIX] [--threads N]\n"
    "          [--level N] [--quiet]\n"
    "transport --accuracy [--sigma MM=3]\n"
    "Proton beams along z in water, or in the plane Y (its middle one) of a CT in Hounsfield units, whose\n"
    "voxels then are the cells. Energies and spots share the protons evenly. --gray: dose in Gy, not MeV a\n"
    "cell; --leak: what may leave through the sides and be turned beyond 25 degrees. --volume: round spots,\n"
    "N by N of them, in x, y and z, of a box of water or the whole CT. --nuclear: some 1.2 per cent of the\n"
    "protons are lost in a cm of water, 0.6 of their energy stays where they are (Bortfeld 1997).\n"
    "Writes PREFIX.nii.gz, .csv, .png. For research and teaching; not for clinical use.\n"
    "exit codes: 0 done, 1 weight or energy does not balance, 2 usage, 3 cannot read, 4 malformed file,\n"
    "5 cannot write, 6 memory, 7 impossible numbers, 9 unsupported, 130 cancelled\n";

enum { ENERGIES = 64, SPOTS = 256, WIDE = 960, LEFT = 84, RIGHT = 28, MAP = 240, CURVE = 280 };
typedef struct transport {
    ex *e;
    mv_stopping water;
    mv_volume ct, dose; /* ct: x, 1, z, or x, y, z for a volume, or empty */
    mv_beam *beam;
    mv_spot *spot; /* of a volume, else NULL: a row of beams for each row of spots */
    double energy[ENERGIES], sigma, dx, dz, *curve, *width;
    size_t energies, beams, rows;
    mv_transport_opt opt;
    mv_transport_report report;
    mv_depth_dose_measures m;
    const char *unit;
} transport;

/* ---- the problem ---- */
static void angles_of(mv_transport_opt *o, double degrees) { /* to 25 degrees on either side */
    o->dangle = degrees / 57.29577951308232;
    o->angles = 2 * (size_t)ceil(25.0 / degrees - 1e-9) + 1;
}
static void read_energies(transport *t, const char *s) {
    char word[32];
    size_t n;
    for (; s; s = s[n] ? s + n + 1 : NULL) {
        n = strcspn(s, ",");
        if (n >= sizeof word || t->energies == ENERGIES)
            ex_quit(t->e, EX_USAGE, "--energy: must be up to %d numbers, as 70,80", ENERGIES);
        memcpy(word, s, n);
        word[n] = 0;
        t->energy[t->energies++] = ex_parse(t->e, "--energy", word, 1, 249);
    }
}
static void make_beams(transport *t, double spread, double protons, const char *spots, int volume) {
    ex *e = t->e;
    char *end;
    double pitch = 0.0;
    size_t count = 1, i, k;
    if (spots) {
        const long n = strtol(spots, &end, 10);
        if (end == spots || *end != ',' || n < 1 || n > SPOTS)
            ex_quit(e, EX_USAGE, "--spots = %s: must be 1..%d and their distance in mm, as 5,6", spots,
                    SPOTS);
        count = (size_t)n;
        pitch = ex_parse(e, "--spots", end + 1, 0.0, 1e3);
    }
    t->beams = count * t->energies;
    if (!(t->beam = (mv_beam *)calloc(t->beams, sizeof *t->beam))) ex_quit(e, EX_MEMORY, "no memory");
    for (i = 0; i < count; i++)
        for (k = 0; k < t->energies; k++) {
            mv_beam *b = t->beam + i * t->energies + k;
            b->energy = t->energy[k], b->spread = spread, b->size = t->sigma;
            b->x = pitch * ((double)i - 0.5 * (double)(count - 1));
            b->weight = protons / (double)t->beams;
        }
    if (!volume) return;
    t->rows = count;
    if (count * t->beams > 65536)
        ex_quit(e, EX_USAGE, "--spots: %zu by %zu of %zu energies: at most 65536", count, count, t->energies);
    if (!(t->spot = (mv_spot *)calloc(count * t->beams, sizeof *t->spot))) ex_quit(e, EX_MEMORY, "no memory");
    for (i = 0; i < count * t->beams; i++) {
        mv_spot *s = t->spot + i;
        const size_t row = i / t->beams;
        s->beam = t->beam[i % t->beams];
        s->beam.weight /= (double)count;
        s->size_y = t->sigma;
        s->y = pitch * ((double)row - 0.5 * (double)(count - 1));
    }
}
/* Water wide enough for 5.5 standard deviations; scattering widens by 0.023 of the range. */
static void make_water(transport *t) {
    const mv_beam *last = t->beam + t->beams - 1;
    double range, highest = 0.0, half;
    size_t k;
    for (k = 0; k < t->energies; k++) highest = fmax(highest, t->energy[k]);
    ex_ok(t->e, mv_stopping_range(&t->e->ctx, &range, &t->water, &highest, 1), 0);
    half = fabs(last->x) + 5.5 * hypot(t->sigma, 0.23 * range) + t->dx;
    t->opt.nx = 2 * (size_t)ceil(half / t->dx);
    t->opt.dx = t->dx, t->opt.dz = t->dz;
}
static void read_ct(transport *t, const char *path, double plane) { /* plane: a volume's is not looked at */
    ex *e = t->e;
    mv_volume all = {0};
    mv_load_opt o = {0};
    size_t start[7] = {0}, size[7];
    double mm[3];
    int k;
    o.dtype = MEDVOL_F32;
    EX_OK(mv_load(&e->ctx, &all, path, &o));
    for (k = 0; k < 7; k++) size[k] = k < 3 ? all.dim[k] : 1;
    if (all.ndim < 3 || size[2] < 3)
        ex_quit(e, EX_UNSUPPORTED, "%s: a volume of three axes is needed, 3 or more along z", path);
    if (plane >= (double)size[1])
        ex_quit(e, EX_USAGE, "--plane = %g: %s has planes 0..%zu", plane, path, size[1] - 1);
    start[1] = plane < 0.0 ? size[1] / 2 : (size_t)plane;
    if (t->spot) start[1] = 0;
    else size[1] = 1;
    EX_OK(mv_crop(&e->ctx, &t->ct, &all, start, size, NULL));
    t->ct.ndim = 3;
    mv_volume_free(&e->ctx, &all);
    mv_spacing(&t->ct, mm);
    t->dx = mm[0], t->dz = mm[2];
}
static void run(transport *t, int gray) {
    ex *e = t->e;
    double mm[3], whole;
    size_t i, n;
    if (t->spot)
        EX_OK(mv_transport_dose(&e->ctx, &t->dose, &t->report, t->ct.data ? &t->ct : NULL, t->spot,
                                t->rows * t->beams, &t->water, &t->opt));
    else
        EX_OK(mv_transport_march(&e->ctx, &t->dose, &t->report, t->ct.data ? &t->ct : NULL, t->beam, t->beams,
                                 &t->water, &t->opt));
    n = t->dose.dim[2];
    t->curve = (double *)calloc(2 * n, sizeof *t->curve);
    if (!t->curve) ex_quit(e, EX_MEMORY, "no memory");
    t->width = t->curve + n;
    EX_OK(mv_depth_dose(&e->ctx, t->curve, t->width, &t->m, &t->dose));
    t->unit = gray ? t->spot ? "Gy mm2" : "Gy mm" : "MeV/mm"; /* of a plane: its sum over x, and y */
    mv_spacing(&t->dose, mm);
    whole = gray ? t->spot ? mm[0] * mm[1] : mm[0] : 1.0 / mm[2];
    for (i = 0; i < n; i++) t->curve[i] *= whole;
    t->m.entrance *= whole;
    t->m.peak *= whole;
}

/* ---- the picture ---- */
static const ex_rgb white = {{255, 255, 255}}, ink = {{40, 44, 52}}, faint = {{222, 225, 230}},
                    blue = {{31, 97, 170}}, red = {{196, 62, 48}};
/* 1, 2 or 5 times a power of ten, about `count` of them to `most` */
static double tick_of(double most, double count) {
    const double rough = most / count, ten = pow(10.0, floor(log10(rough)));
    return ten * (rough < 1.5 * ten ? 1.0 : rough < 3.5 * ten ? 2.0 : rough < 7.5 * ten ? 5.0 : 10.0);
}
/* four cells about a place, in cells; ends constant */
static double between(const mv_volume *v, double x, double z) {
    const float *f = (const float *)v->data;
    const size_t nx = v->dim[0], nz = v->dim[2];
    double sum = 0.0;
    size_t i, j, k;
    x = x > 0.0 ? fmin(x, (double)(nx - 1)) : 0.0;
    z = z > 0.0 ? fmin(z, (double)(nz - 1)) : 0.0;
    i = (size_t)x, j = (size_t)z;
    for (k = 0; k < 4; k++) {
        const size_t a = i + (k & 1) < nx ? i + (k & 1) : nx - 1,
                     b = j + (k >> 1) < nz ? j + (k >> 1) : nz - 1;
        const double u = x - (double)i, w = z - (double)j;
        sum += (k & 1 ? u : 1.0 - u) * (k >> 1 ? w : 1.0 - w) * (double)f[a + nx * b];
    }
    return sum;
}
/* half of what is shown across, mm: where there is more than a hundredth of the largest dose */
static double shown(const transport *t, double most) {
    const size_t nx = t->dose.dim[0], nz = t->dose.dim[2];
    double half = 0.0;
    size_t x, z;
    for (z = 0; z < nz; z++)
        for (x = 0; x < nx; x++)
            if ((double)((const float *)t->dose.data)[x + nx * z] > 0.01 * most)
                half = fmax(half, fabs((double)x - 0.5 * (double)(nx - 1)) + 0.5);
    return t->ct.data ? 0.5 * (double)nx * t->dx : fmin(1.25 * half, 0.5 * (double)nx) * t->dx;
}
static void scale_bar(mv_volume *p, long x, long y, long w, double most, const char *unit) {
    char s[64];
    const double tick = tick_of(most, 5.0);
    double v;
    long i;
    for (i = 0; i < w; i++) ex_fill(p, x + i, y, 1, 14, ex_heat((double)i / (double)(w - 1)));
    for (i = 0; (v = (double)i * tick) <= most * 1.0001; i++) {
        const long at = x + (long)(v / most * (double)(w - 1));
        ex_fill(p, at, y + 14, 2, 4, ink);
        snprintf(s, sizeof s, "%.4g", v < 1e-9 * most ? 0.0 : v);
        ex_write(p, at - ex_write_wide(s) / 2, y + 22, s, ink);
    }
    ex_write(p, x + w + 20, y, unit, ink);
}
static void draw_map(const transport *t, mv_volume *p, long y0, double length, double most) {
    const long w = WIDE - LEFT - RIGHT;
    const double half = shown(t, most), tick = tick_of(2.0 * half, 5.0);
    char s[64];
    double v;
    long x, y;
    for (y = 0; y < MAP; y++)
        for (x = 0; x < w; x++) {
            const double z = ((double)x + 0.5) / (double)w * length / t->dz - 0.5;
            const double across = half * (1.0 - 2.0 * ((double)y + 0.5) / MAP) / t->dx +
                                  0.5 * (double)(t->dose.dim[0] - 1);
            const double d = between(&t->dose, across, z) / most;
            ex_rgb c = ex_heat(d);
            int k;
            if (t->ct.data) { /* -1000..1000 as grey, under the dose */
                const double g = 0.0625 * fmin(fmax(between(&t->ct, across, z) + 1000.0, 0.0), 2400.0),
                             a = fmin(fmax(6.0 * d, 0.0), 1.0);
                for (k = 0; k < 3; k++) c.c[k] = (unsigned char)(a * c.c[k] + (1.0 - a) * g + 0.5);
            }
            ex_dot(p, LEFT + x, y0 + y, c);
        }
    for (x = -(long)(half / tick); (v = (double)x * tick) <= half; x++) {
        y = y0 + (long)(MAP * 0.5 * (1.0 - v / half));
        if (y < y0 || y > y0 + MAP - 1) continue;
        ex_fill(p, LEFT - 6, y, 6, 2, ink);
        snprintf(s, sizeof s, "%.4g", fabs(v) < 1e-9 ? 0.0 : v);
        ex_write(p, LEFT - 12 - ex_write_wide(s), y - 6, s, ink);
    }
    ex_write(p, LEFT, y0 - 24, "x (mm)", ink);
}
static void draw_curve(const transport *t, mv_volume *p, long y0, double length) {
    const long w = WIDE - LEFT - RIGHT;
    const double top = 1.08 * t->m.peak, up = tick_of(top, 5.0), along = tick_of(length, 9.0);
    char s[64];
    double v;
    long x, y, last = 0;
    int k;
    for (x = 0; (v = (double)x * up) <= top; x++) {
        y = y0 + CURVE - (long)(v / top * CURVE);
        ex_fill(p, LEFT, y, w, 1, faint);
        snprintf(s, sizeof s, "%.4g", v);
        ex_write(p, LEFT - 12 - ex_write_wide(s), y - 6, s, ink);
    }
    for (y = 0; (v = (double)y * along) <= length; y++) {
        x = LEFT + (long)(v / length * (double)w);
        ex_fill(p, x, y0, 1, CURVE, faint);
        ex_fill(p, x, y0 + CURVE, 2, 6, ink);
        snprintf(s, sizeof s, "%.4g", v);
        ex_write(p, x - ex_write_wide(s) / 2, y0 + CURVE + 12, s, ink);
    }
    if (t->m.r80 > 0.0 && t->m.r80 < length) {
        x = LEFT + (long)(t->m.r80 / length * (double)w);
        for (y = 0; y < CURVE; y += 8) ex_fill(p, x, y0 + y, 2, 4, red);
        snprintf(s, sizeof s, "R80 %.1f mm", t->m.r80);
        ex_write(p, x - ex_write_wide(s) - 14 > LEFT ? x - ex_write_wide(s) - 14 : x + 10, y0 + 6, s, red);
    }
    for (x = 0; x < w; x++) { /* straight from plane to plane */
        const double z = ((double)x + 0.5) / (double)w * length / t->dz - 0.5,
                     last_z = (double)(t->dose.dim[2] - 1), at = z > 0.0 ? fmin(z, last_z) : 0.0;
        const size_t i = (size_t)at, j = i + 1 < t->dose.dim[2] ? i + 1 : i;
        const double d = t->curve[i] + (at - (double)i) * (t->curve[j] - t->curve[i]);
        y = y0 + CURVE - (long)(d / top * CURVE + 0.5);
        if (x == 0) last = y;
        for (k = 0; k < 2; k++) ex_fill(p, LEFT + x + k, y < last ? y : last, 1, labs(y - last) + 2, blue);
        last = y;
    }
    ex_fill(p, LEFT, y0, 2, CURVE, ink);
    ex_fill(p, LEFT, y0 + CURVE, w, 2, ink);
    snprintf(s, sizeof s, "dose (%s)", t->unit);
    ex_write(p, LEFT, y0 - 24, s, ink);
    ex_write(p, LEFT + w - ex_write_wide("depth (mm)"), y0 + CURVE + 36, "depth (mm)", ink);
}
static void save_picture(transport *t, const char *path) {
    ex *e = t->e;
    const size_t dim[2] = {WIDE, 92 + MAP + 44 + CURVE + 64};
    const double length = (double)t->dose.dim[2] * t->dz;
    mv_volume sheet = {0};
    double most = 0.0;
    size_t i;
    for (i = 0; i < mv_volume_count(&t->dose); i++)
        most = fmax(most, (double)((const float *)t->dose.data)[i]);
    EX_OK(mv_volume_alloc(&e->ctx, &sheet, MEDVOL_RGB24, 2, dim));
    ex_fill(&sheet, 0, 0, (long)dim[0], (long)dim[1], white);
    scale_bar(&sheet, LEFT + 220, 16, 380, most, t->opt.grays ? "Gy" : "MeV/cell");
    draw_map(t, &sheet, 84, length, most);
    draw_curve(t, &sheet, 84 + MAP + 44, length);
    EX_SAVED(mv_save_png(&e->ctx, &sheet, path, NULL));
    mv_volume_free(&e->ctx, &sheet);
}

/* the volume's three planes through its largest dose, over the CT's; grey becomes heat */
static void save_planes(transport *t, const char *path) {
    ex *e = t->e;
    const float *f = (const float *)t->dose.data;
    const size_t nx = t->dose.dim[0], ny = t->dose.dim[1], nz = t->dose.dim[2];
    mv_volume sheet = {0}, under = {0};
    mv_render_opt o = {0};
    double at[3], mm[3];
    size_t i, top = 0, k;
    for (i = 0; i < nx * ny * nz; i++)
        if (f[i] > f[top]) top = i;
    k = top / nx;
    at[0] = (double)(top % nx), at[1] = (double)(k % ny);
    k /= ny;
    at[2] = (double)k;
    mv_spacing(&t->dose, mm);
    o.point = at, o.point_is_voxel = 1, o.no_letters = 1;
    o.mm_per_pixel = (2.0 * (double)nx * mm[0] + (double)ny * mm[1]) / WIDE;
    o.hi = (double)f[top];
    EX_OK(mv_render_planes(&e->ctx, &sheet, &t->dose, &o));
    o.lo = -1000.0, o.hi = 1400.0;
    if (t->ct.data) EX_OK(mv_render_planes(&e->ctx, &under, &t->ct, &o));
    for (i = 0; i < mv_volume_count(&sheet); i++) {
        unsigned char *c = (unsigned char *)sheet.data + 3 * i;
        const double d = (double)c[0] / 255.0, a = under.data ? fmin(6.0 * d, 1.0) : 1.0;
        const ex_rgb h = ex_heat(d);
        for (k = 0; k < 3; k++) {
            const double g = under.data ? 0.6 * (double)((unsigned char *)under.data)[3 * i + k] : 0.0;
            c[k] = (unsigned char)(a * h.c[k] + (1.0 - a) * g + 0.5);
        }
    }
    EX_SAVED(mv_save_png(&e->ctx, &sheet, path, NULL));
    mv_volume_free(&e->ctx, &under);
    mv_volume_free(&e->ctx, &sheet);
}

/* ---- results ---- */
static void save_curve(transport *t, const char *path) { /* whole, or the old one stays */
    ex *e = t->e;
    char part[1040];
    FILE *f;
    size_t i;
    int ok;
    snprintf(part, sizeof part, "%s.part", path);
    ok = (f = fopen(part, "w")) != NULL;
    if (f) {
        ok = fprintf(f, "depth_mm,dose_%s,sigma_mm\n",
                     !t->opt.grays ? "MeV_per_mm" : t->spot ? "Gy_mm2" : "Gy_mm") > 0;
        for (i = 0; i < t->dose.dim[2]; i++)
            ok = ok && fprintf(f, "%.9g,%.9g,%.9g\n", ((double)i + 0.5) * t->dz, t->curve[i],
                               t->width[i]) > 0;
        ok = fclose(f) == 0 && ok;
#ifdef _WIN32
        if (ok) remove(path);
#endif
        ok = ok && rename(part, path) == 0;
        if (!ok) remove(part);
    }
    if (!ok) ex_quit(e, EX_WRITE, "%s: cannot be written", path);
}
static void tell(const transport *t) {
    static const char *const name[] = {"in", "stopped", "sides", "angles", "back", "cut", "nuclear"};
    const mv_transport_report *r = &t->report;
    double sum[2] = {0.0, 0.0};
    int k;
    ex_bar_clear();
    if (t->e->quiet) return;
    printf("%zu x %zu x %zu cells, %g mm along x, %g along z, %zu angles, %zu cells of a plane's ranges,"
           " angles and x\n",
           t->dose.dim[0], t->dose.dim[1], t->dose.dim[2], t->dx, t->dz, t->opt.angles, r->cells);
    printf("peak at %.2f mm, R90 %.2f, R80 %.2f, FWHM %.2f mm; entrance %.4g of a peak of %.4g %s\n",
           t->m.peak_depth, t->m.r90, t->m.r80, t->m.fwhm, t->m.entrance, t->m.peak, t->unit);
    printf("%-10s %14s %16s\n", "", "weight", "energy, MeV");
    for (k = 0; k < MEDVOL_TRANSPORT_SINKS; k++) {
        if (k) sum[0] += r->weight[k], sum[1] += r->energy[k];
        printf("%-10s %14.7g %16.8g\n", name[k], r->weight[k], r->energy[k]);
    }
    printf("%-10s %14.7g %16.8g   relative to in: %+.1e, %+.1e\n", "sum", sum[0], sum[1],
           sum[0] / r->weight[0] - 1.0, sum[1] / r->energy[0] - 1.0);
}
static void check(const transport *t) {
    const mv_transport_report *r = &t->report;
    double w = r->weight[0], energy = r->energy[0];
    int k;
    for (k = 1; k < MEDVOL_TRANSPORT_SINKS; k++) w -= r->weight[k], energy -= r->energy[k];
    EX_EXPECT(t->e, fabs(w) < 1e-6 * r->weight[0] && fabs(energy) < 1e-6 * r->energy[0],
              "transport: weight and energy balance");
}

/* ---- time and error over steps ---- */
/* Fermi and Eyges: the variance of x behind z mm of water, of a beam that enters as a line */
static double eyges(const transport *t, double energy, double range, double z) {
    ex *e = t->e;
    const int n = 1000;
    double sum = 0.0;
    int i;
    for (i = 0; i < n; i++) {
        const double at = ((double)i + 0.5) * z / n, left = range - 0.1 * at;
        double now, power;
        EX_OK(mv_stopping_energy(&e->ctx, &now, &t->water, &left, 1));
        EX_OK(mv_scattering_power(&e->ctx, &power, &t->water, &now, 1, energy, MEDVOL_SCATTER_MOLIERE));
        sum += 0.1 * power * (z / n) * (z - at) * (z - at);
    }
    return sum;
}
typedef struct accuracy {
    double dz, dx, angle;
    size_t fine;
    mv_transport_shift shift;
} accuracy;
static void accuracy_of(transport *t, const accuracy *a, double energy) {
    ex *e = t->e;
    mv_beam beam = {0};
    mv_depth_dose_measures m;
    double range, time[5], worst = 0.0, *spread;
    size_t nz, z;
    int k;
    EX_OK(mv_stopping_range(&e->ctx, &range, &t->water, &energy, 1));
    beam.energy = energy, beam.size = t->sigma;
    memset(&t->opt, 0, sizeof t->opt);
    t->opt.dz = a->dz, t->opt.dx = a->dx, t->opt.fine = a->fine, t->opt.shift = a->shift;
    t->opt.nx = 2 * (size_t)ceil((5.5 * hypot(t->sigma, 0.23 * range) + a->dx) / a->dx);
    t->opt.nz = nz = (size_t)ceil(11.0 * range / a->dz);
    t->opt.most_leak = 0.05;
    angles_of(&t->opt, a->angle);
    if (!(spread = (double *)calloc(3 * nz, sizeof *spread))) ex_quit(e, EX_MEMORY, "no memory");
    for (k = 0; k < 5; k++) {
        const double start = ex_now();
        EX_OK(mv_transport_march(&e->ctx, &t->dose, NULL, NULL, &beam, 1, &t->water, &t->opt));
        time[k] = ex_now() - start;
    }
    t->opt.spread = spread;
    EX_OK(mv_transport_march(&e->ctx, &t->dose, NULL, NULL, &beam, 1, &t->water, &t->opt));
    EX_OK(mv_depth_dose(&e->ctx, NULL, NULL, &m, &t->dose));
    for (z = 0; z < nz; z++) {
        const double at = ((double)z + 1.0) * a->dz;
        double want, off;
        if (at < 2.5 * range || at > 9.5 * range) continue;
        want = sqrt(t->sigma * t->sigma + eyges(t, energy, range, at));
        off = 100.0 * (spread[3 * z] / want - 1.0);
        if (fabs(off) > fabs(worst)) worst = off;
    }
    ex_bar_clear();
    printf(" %.3g | %+.2f | %.2f | %+.2f |", 1e3 * ex_median(time, 5), m.r80 - 10.0 * range, m.fwhm, worst);
    fflush(stdout);
    free(spread);
    mv_volume_free(&e->ctx, &t->dose);
}
static void accuracy_table(transport *t) {
    static const accuracy row[] = {{4, 2, 2, 2, MEDVOL_SHIFT_LIMITED}, {2, 2, 2, 1, MEDVOL_SHIFT_LIMITED},
        {2, 1, 1, 2, MEDVOL_SHIFT_LIMITED}, {1, 1, 2, 1, MEDVOL_SHIFT_LIMITED},
        {1, 1, 1, 1, MEDVOL_SHIFT_LIMITED}, {1, 1, 1, 2, MEDVOL_SHIFT_LIMITED},
        {1, 1, 2, 2, MEDVOL_SHIFT_LIMITED}, {1, 1, 0.5, 2, MEDVOL_SHIFT_LIMITED},
        {1, 1, 1, 4, MEDVOL_SHIFT_LIMITED}, {0.5, 1, 1, 1, MEDVOL_SHIFT_LIMITED},
        {0.5, 0.5, 1, 2, MEDVOL_SHIFT_LIMITED}, {1, 1, 1, 2, MEDVOL_SHIFT_CUBIC},
        {1, 1, 1, 2, MEDVOL_SHIFT_LINEAR}};
    static const char *const shift[] = {"limited", "cubic", "linear"};
    size_t k;
    ex_machine(t->e, stdout);
    printf("\n| dz, mm | dx, mm | fine | angles, degrees | shift | 70 MeV: ms | R80 off, mm | FWHM, mm |"
           " sigma_x off, %% | 150 MeV: ms | R80 off, mm | FWHM, mm | sigma_x off, %% |\n"
           "|---|---|---|---|---|---|---|---|---|---|---|---|---|\n");
    for (k = 0; k < sizeof row / sizeof *row; k++) {
        printf("| %g | %g | %zu | %g | %s |", row[k].dz, row[k].dx, row[k].fine, row[k].angle,
               shift[row[k].shift]);
        accuracy_of(t, &row[k], 70.0);
        accuracy_of(t, &row[k], 150.0);
        printf("\n");
    }
}

int main(int argc, char **argv) {
    static ex state;
    static transport t;
    ex *e = &state;
    const char *energies, *spots, *ct, *plane, *prefix;
    char path[1024];
    double spread, protons, angle, start;
    int gray, table, volume;

    ex_init(e, argc, argv, "transport", usage);
    t.e = e;
    energies = ex_text(e, "--energy");
    read_energies(&t, energies ? energies : "70");
    spread = ex_number(e, "--spread", 0, 0, 50);
    t.sigma = ex_number(e, "--sigma", 3, 0, 1e3);
    spots = ex_text(e, "--spots");
    protons = ex_number(e, "--protons", 1, 1e-30, 1e30);
    ct = ex_text(e, "--ct");
    plane = ex_text(e, "--plane");
    t.dz = ex_number(e, "--dz", 1, 0.01, 100);
    t.dx = ex_number(e, "--dx", 1, 0.01, 100);
    t.opt.fine = (size_t)ex_whole(e, "--fine", 2, 1, 64);
    angle = ex_number(e, "--angle", 1, 0.02, 12);
    t.opt.most_leak = ex_number(e, "--leak", 0.01, 1e-9, 1);
    t.opt.grays = gray = ex_flag(e, "--gray");
    if (ex_flag(e, "--nuclear")) t.opt.nuclear = 0.012, t.opt.nuclear_local = 0.6;
    volume = ex_flag(e, "--volume");
    table = ex_flag(e, "--accuracy");
    prefix = ex_prefix(e, "--out");
    ex_no_more(e);
    if (plane && (!ct || volume)) ex_quit(e, EX_USAGE, "--plane: of --ct alone, without --volume");
    if (!prefix) prefix = "transport";
    start = ex_now();

    EX_OK(mv_stopping_init(&e->ctx, &t.water, NULL));
    if (table) {
        accuracy_table(&t);
        ex_free(e);
        return 0;
    }
    angles_of(&t.opt, angle);
    make_beams(&t, spread, protons, spots, volume);
    if (ct) read_ct(&t, ct, plane ? ex_parse_whole(e, "--plane", plane, 0, 1e9) : -1.0);
    else make_water(&t);
    run(&t, gray);
    snprintf(path, sizeof path, "%s.nii.gz", prefix);
    EX_SAVED(mv_save(&e->ctx, &t.dose, path, NULL));
    snprintf(path, sizeof path, "%s.csv", prefix);
    save_curve(&t, path);
    snprintf(path, sizeof path, "%s.png", prefix);
    if (volume) save_planes(&t, path);
    else save_picture(&t, path);
    tell(&t);
    check(&t);
    if (!e->quiet)
        printf("%s.nii.gz, .csv, .png; %.2f s, %.0f MB at most.\n"
               "For research and teaching; not for clinical use.\n",
               prefix, ex_now() - start, ex_peak_mb());

    free(t.curve);
    free(t.spot);
    free(t.beam);
    mv_volume_free(&e->ctx, &t.dose);
    mv_volume_free(&e->ctx, &t.ct);
    ex_free(e);
    return 0;
}
