/* needs: nifti1_io.h
   cflags: -isystem /usr/include/nifti
   libs: -lniftiio */
/* The NIfTI C library, nifticlib. It reads into nim->data when that is set, so our memory is handed to it and
   taken back before it frees. No boxes: nifti_read_subregion_image (3.0.1) never closes the file. */
#include "../bench.h"
#include <nifti1_io.h>

/* ---- loads ---- */
static int fits(const nifti_image *nim, const mv_volume *v) {
    return nim && nim->nvox * (size_t)nim->nbyper == bench_bytes(v);
}
static int load(bench *b) {
    nifti_image *nim = nifti_image_read(b->path[0], 0);
    int bad = !fits(nim, &b->peer);
    if (!bad) {
        nim->data = b->peer.data;
        bad = nifti_image_load(nim) != 0;
        nim->data = NULL;
    }
    nifti_image_free(nim);
    return bad;
}
static int load_new(bench *b) {
    nifti_image *nim = nifti_image_read(b->path[0], 1);
    int bad = !nim || !nim->data;
    nifti_image_free(nim);
    return bad;
}
static int check_load_new(bench *b) {
    nifti_image *nim = nifti_image_read(b->path[0], 1);
    int bad = !fits(nim, &b->in) || !nim->data || memcmp(nim->data, b->in.data, bench_bytes(&b->in)) != 0;
    nifti_image_free(nim);
    return bad;
}
static int load_header(bench *b) {
    nifti_image *nim = nifti_image_read(b->path[0], 0);
    b->peer_number[0] = nim ? nim->nz : 0;
    nifti_image_free(nim);
    return !nim;
}

/* ---- saves, beside our file ---- */
static int save_setup(bench *b) {
    const char *name = strrchr(b->path[1], '/'), *suffix = strstr(name ? name : b->path[1], ".nii");
    int dim[8] = {3, 1, 1, 1, 1, 1, 1, 1}, r, c, d;
    char path[sizeof b->path[1] + 8];
    nifti_image *nim;
    double mm[3];
    for (d = 0; d < 3; d++) dim[1 + d] = (int)b->in.dim[d];
    b->peer_own = nim = nifti_make_new_nim(dim, (int)b->in.dtype, 0); /* the codes of mv_dtype are NIfTI's */
    if (!nim || !suffix) return 1;
    mv_spacing(&b->in, mm);
    nim->pixdim[1] = nim->dx = (float)mm[0];
    nim->pixdim[2] = nim->dy = (float)mm[1];
    nim->pixdim[3] = nim->dz = (float)mm[2];
    nim->sform_code = NIFTI_XFORM_SCANNER_ANAT;
    for (r = 0; r < 3; r++)
        for (c = 0; c < 4; c++) nim->sto_xyz.m[r][c] = (float)b->in.affine[4 * r + c];
    nim->data = b->in.data;
    snprintf(path, sizeof path, "%.*s-peer%s", (int)(suffix - b->path[1]), b->path[1], suffix);
    return nifti_set_filenames(nim, path, 0, 1);
}
static void save_done(bench *b) {
    nifti_image *nim = (nifti_image *)b->peer_own;
    if (nim) nim->data = NULL;
    if (nim && nim->fname) remove(nim->fname);
    nifti_image_free(nim);
    b->peer_own = NULL;
}
/* nifti_image_write with a mode for fopen or gzopen; whether it wrote, it does not say */
static int save(bench *b) {
    nifti_image_write_hdr_img((nifti_image *)b->peer_own, 1, "wb");
    return 0;
}
static int save_gzip1(bench *b) {
    nifti_image_write_hdr_img((nifti_image *)b->peer_own, 1, "wb1");
    return 0;
}
static int check_save(bench *b) {
    mv_volume back;
    int bad, k;
    memset(&back, 0, sizeof back);
    bad = mv_load(b->ctx, &back, ((nifti_image *)b->peer_own)->fname, NULL) < 0 ||
        back.dtype != b->in.dtype || bench_bytes(&back) != bench_bytes(&b->in) ||
        memcmp(back.data, b->in.data, bench_bytes(&b->in)) != 0;
    for (k = 0; k < 12; k++) bad = bad || !(fabs(back.affine[k] - b->in.affine[k]) < 1e-4);
    mv_volume_free(b->ctx, &back);
    return bad;
}

extern const bench_peer peers_nifti[];
const bench_peer peers_nifti[] = {
    {"nifticlib", "load nii", MEDVOL_F32, load},
    {"nifticlib", "load nii, new memory", MEDVOL_F32, load_new, .check = check_load_new},
    {"nifticlib", "load nii.gz", MEDVOL_I16, load},
    {"nifticlib", "load nii.gz, blocks", MEDVOL_I16, load},
    {"nifticlib", "load header", MEDVOL_F32, load_header},
    {"nifticlib", "save nii", MEDVOL_F32, save, .check = check_save, .setup = save_setup, .done = save_done},
    {"nifticlib", "save nii.gz level 1", MEDVOL_I16, save_gzip1, .check = check_save, .setup = save_setup,
        .done = save_done},
    {0},
};
