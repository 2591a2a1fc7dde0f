#!/bin/sh
# readme.sh - takes the code out of README.md and uses it: the quick start is built with the README's own line
# and run on a volume made here, the loop is run with its requests counted, the firmware part is compiled
# freestanding, the quick start on a GPU is run emulated, the CMake lines configure a project where cmake is
# installed. Environment: CC, CXX, LAST (flags behind all others).
set -e
: "${CC:=cc}" "${CXX:=c++}"
root=$(pwd)
dir=build/readme
rm -rf $dir
mkdir -p $dir/cmake
cp medvol.h $dir

# block LANGUAGE N: the N-th block of that language
block() {
    awk -v lang="$1" -v want="$2" '
        /^```/ { if (inside) { inside = 0; next } inside = substr($0, 4) == lang && ++n == want; next }
        inside' README.md
}
block c 1 > $dir/program.c
block c 2 > $dir/spokes.c
block c 3 > $dir/loop.c
block c 4 > $dir/firmware.c
block cuda 1 > $dir/program.cu
grep -q mv_recon $dir/spokes.c
grep -q mv_workspace_init $dir/loop.c
grep -q mv_load $dir/program.c
grep -q mv_znorm_f32 $dir/firmware.c
line=$(block sh 1)
case $line in "cc "*) ;; *) echo "README.md: the first sh block should be the cc line"; exit 1 ;; esac

cat > $dir/make.c <<'END'
#include "../../medvol.h"
#include <math.h>
#include <stdio.h>
#include <string.h>
/* make: write a volume; make check: out.nii.gz is RAS with mean 0, sd 1 */
int main(int argc, char **argv) {
    mv_ctx ctx = {0};
    mv_volume v = {0};
    mv_statistics s;
    size_t dim[3] = {20, 30, 10}, i;
    char code[4];
    (void)argv;
    if (argc > 1) {
        if (mv_load(&ctx, &v, "out.nii.gz", NULL) < 0 || mv_stats(&ctx, &s, &v, NULL) < 0)
            return puts(mv_message(&ctx)), 1;
        mv_orientation(&v, code);
        mv_volume_free(&ctx, &v);
        printf("%s, mean %g, sd %g\n", code, s.mean, s.sd);
        return !(fabs(s.mean) < 1e-5 && fabs(s.sd - 1.0) < 1e-5) || strcmp(code, "RAS") != 0;
    }
    if (mv_volume_alloc(&ctx, &v, MEDVOL_I16, 3, dim) < 0) return 1;
    for (i = 0; i < 6000; i++) ((int16_t *)v.data)[i] = (int16_t)(i * 7919 % 1000);
    v.affine[0] = -1.0;
    i = mv_save(&ctx, &v, "t1.nii.gz", NULL) < 0;
    if (i) puts(mv_message(&ctx));
    mv_volume_free(&ctx, &v);
    return (int)i;
}
END
cat > $dir/frames.c <<'END'
#include "loop.c"
#include <stdio.h>
#include <stdlib.h>
/* three frames, each a voxel further on; all memory is counted */
static size_t asked;
static void *take(void *user, size_t n) { (void)user; asked++; return malloc(n); }
static void give(void *user, void *p) { (void)user; free(p); }
int main(void) {
    mv_ctx ctx;
    mv_ctx_desc desc = {0};
    mv_volume frames[3] = {{0}}, out[3] = {{0}};
    size_t dim[3] = {24, 22, 20}, i, k, n;
    double far[2] = {0, 0};
    desc.threads = 1, desc.mem_alloc = take, desc.mem_free = give;
    if (mv_ctx_init(&ctx, &desc) < 0) return 1;
    for (k = 0; k < 3; k++) {
        if (mv_volume_alloc(&ctx, &frames[k], MEDVOL_F32, 3, dim) < 0) return 1;
        if (mv_volume_alloc(&ctx, &out[k], MEDVOL_F32, 3, dim) < 0) return 1;
        for (i = 0; i < 24 * 22 * 20; i++) {
            size_t x = i % 24, y = i / 24 % 22, z = i / 528;
            ((float *)frames[k].data)[i] = (float)((x + k) * (x + k) % 29 + y * y % 23 + z * z % 19);
        }
    }
    asked = 0;
    if (follow(&ctx, out, frames, 1) < 0) return puts(mv_message(&ctx)), 1;
    n = asked, asked = 0;
    if (follow(&ctx, out, frames, 3) < 0) return puts(mv_message(&ctx)), 1;
    for (i = 0; i < 24 * 22 * 20; i++)
        for (k = 0; k < 2; k++) {
            double d = ((float *)(k ? out : frames)[1].data)[i] - ((float *)frames[0].data)[i];
            if (i % 24 > 3 && i % 24 < 20) far[k] += d * d;
        }
    printf("%zu requests of one frame, %zu of three; squares %g, %g\n", n, asked, far[0], far[1]);
    for (k = 0; k < 3; k++) mv_volume_free(&ctx, &frames[k]), mv_volume_free(&ctx, &out[k]);
    mv_ctx_free(&ctx);
    return !(asked == n && far[1] < 0.5 * far[0]);
}
END
$CC -O2 $dir/frames.c build/medvol.o -lm -lpthread -o $dir/frames
$dir/frames
cat > $dir/scan.c <<'END'
#include "spokes.c"
#include <math.h>
#include <stdio.h>
/* 48 spokes of a phantom seen by four coils, delayed; the image beside all of its k-space */
int main(void) {
    mv_ctx ctx = {0};
    mv_volume traj = {0}, late = {0}, data = {0}, image = {0}, all = {0}, truth = {0};
    mv_radial_opt spokes = {0};
    mv_phantom_opt phantom = {0};
    mv_fft_opt back = {0};
    const size_t shape[3] = {96, 96, 1};
    const double delay[6] = {0.5, -0.3, 0, 0.1, 0, 0};
    double tt = 0, tp = 0, pp = 0, error;
    size_t i;
    spokes.samples = 192, spokes.shots = 48, spokes.size = 94, spokes.order = MEDVOL_RADIAL_GOLDEN;
    phantom.coils = 4;
    back.axes = 3, back.flags = MEDVOL_FFT_CENTERED | MEDVOL_FFT_UNITARY | MEDVOL_FFT_INVERSE;
    if (mv_traj_radial(&ctx, &traj, &spokes) < 0 || mv_traj_delay(&ctx, &late, &traj, delay) < 0 ||
        mv_phantom_samples(&ctx, &data, &late, shape, &phantom) < 0 ||
        spokes_to_image(&ctx, &image, &traj, &data, 96) < 0 ||
        mv_phantom_kspace(&ctx, &all, shape, &phantom) < 0 || mv_fft(&ctx, &all, &all, &back) < 0 ||
        mv_coil_rss(&ctx, &truth, &all, NULL) < 0)
        return puts(mv_message(&ctx)), 1;
    for (i = 0; i < 96 * 96; i++) {
        const float *p = (float *)image.data + 2 * i;
        const double t = ((float *)truth.data)[i], m = hypot(p[0], p[1]);
        tt += t * t, tp += t * m, pp += m * m;
    }
    error = sqrt(1 - tp * tp / (tt * pp));
    printf("48 spokes: off by %.1f %%\n", 100 * error);
    mv_volume_free(&ctx, &traj), mv_volume_free(&ctx, &late), mv_volume_free(&ctx, &data);
    mv_volume_free(&ctx, &image), mv_volume_free(&ctx, &all), mv_volume_free(&ctx, &truth);
    return !(error < 0.2);
}
END
$CC -O2 $dir/scan.c build/medvol.o -lm -lpthread -o $dir/scan
$dir/scan
$CC -O2 $dir/make.c build/medvol.o -lm -lpthread -o $dir/make
(
    cd $dir
    $CC ${line#cc } $LAST
    ./make
    ./a.out
    ./make check
    $CC -std=c99 -O2 -Wall -Wextra -ffreestanding $LAST -c firmware.c
)
echo "README.md: quick start, spokes, loop and firmware code work"

$CXX -x c++ -std=c++11 -O0 '-DMEDVOL_CUDA_EMULATION="cuda_cpu.h"' -I. -Itests -c $dir/program.cu -o $dir/program_cuda.o
$CXX $dir/program_cuda.o build/medvol.o -lm -lpthread -o $dir/program_cuda
(
    cd $dir
    rm out.nii.gz
    ./program_cuda
    ./make check
)
echo "README.md: the quick start on a GPU works, emulated"

if command -v cmake >/dev/null && command -v git >/dev/null; then
    {
        echo 'cmake_minimum_required(VERSION 3.14)'
        echo 'project(user C)'
        echo "set(FETCHCONTENT_SOURCE_DIR_MEDVOL $root)"
        block cmake 1
        echo 'add_executable(program program.c)'
        echo 'target_link_libraries(program medvol)'
    } > $dir/cmake/CMakeLists.txt
    cp $dir/program.c $dir/cmake
    cmake -S $dir/cmake -B $dir/cmake/b > $dir/cmake/log && cmake --build $dir/cmake/b >> $dir/cmake/log
    echo "README.md: the CMake lines work"
fi
