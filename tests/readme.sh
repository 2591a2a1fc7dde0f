#!/bin/sh
# readme.sh - takes the code out of README.md and uses it: the quick start is built with the README's own line
# and run on a volume made here, the firmware part is compiled freestanding, the CMake lines configure a
# project where cmake is installed.
set -e
: "${CC:=cc}"
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
block c 2 > $dir/firmware.c
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
$CC -O2 $dir/make.c build/medvol.o -lm -lpthread -o $dir/make
(
    cd $dir
    $CC ${line#cc }
    ./make
    ./a.out
    ./make check
    $CC -std=c99 -O2 -Wall -Wextra -ffreestanding -c firmware.c
)
echo "README.md: quick start and firmware code work"

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
