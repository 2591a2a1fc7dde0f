/* profile_linalg - dense linear algebra: products, Cholesky, eigenvalues and singular values of matrices.

   Build:  cc -O2 examples/profile_linalg.c -lm -lpthread -o profile_linalg
   Run:    ./profile_linalg 256 20
   Shows:  matrices as large as a volume is wide (512 at most; singular values 64), made of its voxels. A
   product of n columns is n multiply-adds an element, so that memory matters little; eigenvectors cost as
   much as some seven products. */
#include "example.h"

static void profile_linalg_matrix(ex *e, mv_volume *v, mv_dtype type, size_t n) {
    size_t dim[2];
    dim[0] = dim[1] = n;
    memset(v, 0, sizeof *v);
    EX_OK(mv_volume_alloc(&e->ctx, v, type, 2, dim));
    memset(v->data, 0, (size_t)ex_bytes(v));
}
static void profile_linalg(ex *e) {
    mv_volume head, a, b, c, d, f, g;
    size_t n, m, i, j, voxels, middle;
    const float *p;
    double *x, *y, *z, *w, trace = 0.0, sum = 0.0;
    float *q, *r;

    ex_input(e, &head, MEDVOL_F32);
    voxels = mv_volume_count(&head);
    n = (size_t)(cbrt((double)voxels) + 0.5);
    if (n > 512) n = 512;
    m = n < 64 ? n : 64;
    profile_linalg_matrix(e, &a, MEDVOL_C128, n);
    profile_linalg_matrix(e, &b, MEDVOL_C128, n);
    profile_linalg_matrix(e, &c, MEDVOL_C128, n);
    profile_linalg_matrix(e, &d, MEDVOL_C128, m);
    profile_linalg_matrix(e, &f, MEDVOL_F32, n);
    profile_linalg_matrix(e, &g, MEDVOL_F32, n);
    x = (double *)a.data, y = (double *)b.data, z = (double *)c.data;
    q = (float *)f.data, r = (float *)g.data;
    p = (const float *)head.data;
    middle = voxels / 2;
    if (!(w = (double *)malloc((n + 1) * sizeof *w))) ex_quit(e, EX_MEMORY, "no memory");
    for (j = 0; j < n; j++)
        for (i = 0; i < n; i++) { /* its diagonal outweighs the rest: positive definite */
            const size_t at = i + j * n;
            q[at] = p[(middle + at) % voxels] * 1e-3f;
            x[2 * at] = i == j ? 4.0 * (double)n : (double)q[at];
            x[2 * at + 1] = i == j ? 0.0 : (double)p[(middle + 7 * at) % voxels] * 1e-3;
            if (i == j) trace += x[2 * at];
        }

    for (ex_begin(e, "gemm", &f, ex_bytes(&f), 0, 0, 0); ex_more(e);)
        EX_OK(mv_gemm_f32(&e->ctx, r, n, q, n, q, n, n, n, n, NULL));
    for (ex_begin(e, "gemm, complex", &a, ex_bytes(&a), 0, 0, 0); ex_more(e);)
        EX_OK(mv_gemm_c128(&e->ctx, y, n, x, n, x, n, n, n, n, NULL));
    for (ex_begin(e, "chol, complex, and a copy", &a, ex_bytes(&a), 0, 0, 0); ex_more(e);) {
        memcpy(z, x, (size_t)ex_bytes(&a));
        EX_OK(mv_chol_c128(&e->ctx, z, n, n));
    }
    for (ex_begin(e, "chol solve, n sides, and a copy", &a, ex_bytes(&a), 0, 0, 0); ex_more(e);) {
        memcpy(y, x, (size_t)ex_bytes(&a));
        EX_OK(mv_chol_solve_c128(&e->ctx, y, n, z, n, n, n));
    }
    for (ex_begin(e, "eigenvalues", &a, ex_bytes(&a), 0, 0, 0); ex_more(e);)
        EX_OK(mv_eigh_c128(&e->ctx, w, NULL, 0, x, n, n));
    for (ex_begin(e, "eigenvalues and vectors", &a, ex_bytes(&a), 0, 0, 0); ex_more(e);)
        EX_OK(mv_eigh_c128(&e->ctx, w, z, n, x, n, n));
    for (i = 0; i < n; i++) sum += w[i];
    EX_EXPECT(e, fabs(sum - trace) <= 1e-12 * trace, "eigh: the eigenvalues add up to the trace");
    for (ex_begin(e, "singular values and vectors", &d, ex_bytes(&d), 0, 0, 0); ex_more(e);)
        EX_OK(mv_svd_c128(&e->ctx, y, n, w, z, n, x, n, m, m));
    for (sum = 0.0, i = 0; i < m; i++) sum += w[i] * w[i];
    for (trace = 0.0, j = 0; j < m; j++)
        for (i = 0; i < 2 * m; i++) trace += x[i + 2 * j * n] * x[i + 2 * j * n];
    EX_EXPECT(e, fabs(sum - trace) <= 1e-12 * trace, "svd: the squares add up to those of the elements");

    free(w);
    mv_volume_free(&e->ctx, &head);
    mv_volume_free(&e->ctx, &a);
    mv_volume_free(&e->ctx, &b);
    mv_volume_free(&e->ctx, &c);
    mv_volume_free(&e->ctx, &d);
    mv_volume_free(&e->ctx, &f);
    mv_volume_free(&e->ctx, &g);
}
EX_PROFILER(profile_linalg, "dense linear algebra")
