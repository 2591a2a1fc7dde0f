/* needs: stdlib.h */
/* elastix, where its program is in the path: a whole process of one thread, which reads and writes files in
   the page cache, as its users run it. */
#include "../bench.h"

static const char parameters[] = "(Registration \"MultiResolutionRegistration\")\n"
    "(FixedInternalImagePixelType \"float\")\n(MovingInternalImagePixelType \"float\")\n"
    "(FixedImageDimension 3)\n(MovingImageDimension 3)\n(UseDirectionCosines \"true\")\n"
    "(FixedImagePyramid \"FixedSmoothingImagePyramid\")\n"
    "(MovingImagePyramid \"MovingSmoothingImagePyramid\")\n(NumberOfResolutions 4)\n"
    "(Interpolator \"LinearInterpolator\")\n(ResampleInterpolator \"FinalBSplineInterpolator\")\n"
    "(Resampler \"DefaultResampler\")\n(Optimizer \"AdaptiveStochasticGradientDescent\")\n"
    "(Metric \"AdvancedNormalizedCorrelation\")\n(AutomaticScalesEstimation \"true\")\n"
    "(AutomaticTransformInitialization \"true\")\n(MaximumNumberOfIterations 250)\n"
    "(ImageSampler \"RandomCoordinate\")\n(NumberOfSpatialSamples 2048)\n"
    "(NewSamplesEveryIteration \"true\")\n(WriteResultImage \"false\")\n"
    "(HowToCombineTransforms \"Compose\")\n";
static const char *const files[] = {"-f.nii", "-m.nii", "-p.txt", "-d"};

static const char *path(const bench *b, int k) {
    static char text[4][800];
    snprintf(text[k], sizeof text[k], "%s%s", (const char *)b->peer_own, files[k]);
    return text[k];
}
static int setup(bench *b, const char *transform) {
    char command[1000];
    mv_save_opt o;
    FILE *f;
    memset(&o, 0, sizeof o);
    o.gzip = -1;
    if (b->side < 64) return -1; /* too small for its pyramids */
    if (system("elastix --version >/dev/null 2>&1") != 0) return -1;
    if (!(b->peer_own = malloc(sizeof b->path[1] + 8))) return 1;
    strcpy((char *)b->peer_own, bench_path(b, 1, ""));
    if (mv_save(b->ctx, &b->aux[1], path(b, 0), &o) < 0 || mv_save(b->ctx, &b->aux[0], path(b, 1), &o) < 0)
        return 1;
    if (!(f = fopen(path(b, 2), "w"))) return 1;
    fprintf(f, "%s(Transform \"%s\")\n", parameters, transform);
    snprintf(command, sizeof command, "mkdir -p %s", path(b, 3));
    return fclose(f) != 0 || system(command) != 0;
}
static int affine_setup(bench *b) { return setup(b, "AffineTransform"); }
static int rigid_setup(bench *b) { return setup(b, "EulerTransform"); }
static void done(bench *b) {
    char command[1000];
    int k;
    if (!b->peer_own) return;
    for (k = 0; k < 3; k++) remove(path(b, k));
    snprintf(command, sizeof command, "rm -rf %s", path(b, 3));
    if (system(command) != 0) fprintf(stderr, "%s is left there\n", path(b, 3));
    free(b->peer_own);
    b->peer_own = NULL;
}
/* numbers of "(NAME ...)" in the map it wrote */
static int numbers(const bench *b, const char *name, double *v, int n) {
    char file[1000], line[2000], *at;
    FILE *f;
    int k = 0;
    snprintf(file, sizeof file, "%s/TransformParameters.0.txt", path(b, 3));
    if (!(f = fopen(file, "r"))) return 0;
    while (!k && fgets(line, sizeof line, f))
        if (line[0] == '(' && strncmp(line + 1, name, strlen(name)) == 0 && line[1 + strlen(name)] == ' ')
            for (at = line + 1 + strlen(name); k < n; k++) {
                char *end;
                v[k] = strtod(at, &end);
                if (end == at) break;
                at = end;
            }
    fclose(f);
    return k;
}
static int run(bench *b) {
    char command[4000];
    snprintf(command, sizeof command, "elastix -f %s -m %s -p %s -out %s -threads 1 >/dev/null 2>&1",
        path(b, 0), path(b, 1), path(b, 2), path(b, 3));
    return system(command) != 0;
}
/* Its map is LPS, about a centre; angles as ITK's Euler3DTransform, Rz Rx Ry. Half a voxel is near enough. */
static int check(bench *b) {
    double p[12], c[3], m[9], error = 0;
    const int n = numbers(b, "TransformParameters", p, 12);
    int k, r;
    if (n < 6 || numbers(b, "CenterOfRotationPoint", c, 3) != 3) return 1;
    if (n == 12) memcpy(m, p, sizeof m);
    else {
        const double x = p[0], y = p[1], z = p[2], cx = cos(x), sx = sin(x), cy = cos(y), sy = sin(y);
        const double cz = cos(z), sz = sin(z);
        const double e[9] = {cz * cy - sz * sx * sy, -sz * cx, cz * sy + sz * sx * cy, sz * cy + cz * sx * sy,
            cz * cx, sz * sy - cz * sx * cy, -cx * sy, sx, cx * cy};
        memcpy(m, e, sizeof m);
    }
    for (k = 0; k < 8; k++) { /* the corners of the middle half */
        double w[3], ours[3], q[3], d = 0;
        for (r = 0; r < 3; r++) w[r] = (double)b->side * ((k >> r & 1) ? 0.75 : 0.25);
        mv_affine_apply(w, b->in.affine, w);
        mv_affine_apply(ours, b->number, w);
        w[0] = -w[0], w[1] = -w[1];
        for (r = 0; r < 3; r++) {
            q[r] = m[3 * r] * (w[0] - c[0]) + m[3 * r + 1] * (w[1] - c[1]) + m[3 * r + 2] * (w[2] - c[2]) +
                c[r] + p[n - 3 + r];
            d += pow(q[r] - (r < 2 ? -ours[r] : ours[r]), 2);
        }
        error = fmax(error, sqrt(d) / 0.9);
    }
    return !(error <= 0.5);
}
#define ROW(op, how) {"elastix", op, MEDVOL_F32, run, 0, check, 0, how, done}
extern const bench_peer peers_elastix[];
const bench_peer peers_elastix[] = {
    ROW("register rigid", rigid_setup),
    ROW("register affine", affine_setup),
    {0},
};
