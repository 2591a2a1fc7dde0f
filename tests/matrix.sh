#!/bin/bash
# matrix.sh - compiles medvol.h in every way that is promised and inspects the result: matrix.sh [quick].
# Dialects, optimisation levels and compilers are paired: any two of them meet in some build. What only the
# front end and the warnings about unused code can see is built at -O0. Missing compilers are left out and
# named. JOBS=n builds at a time. The last line is "N builds passed, N failed".
cd "$(dirname "$0")/.." || exit 1
D=build/matrix
rm -rf $D
mkdir -p $D/inc/vendor $D/inc/renamed
JOBS=${JOBS:-2}
QUICK=${1:-}
TIMEFORMAT=%U
W="-Wall -Wextra -Wpedantic -Wshadow -Wconversion -Werror"
FIRMWARE="-DMEDVOL_NO_STDIO -DMEDVOL_NO_MALLOC -DMEDVOL_NO_THREADS -DMEDVOL_NO_MMAP -DMEDVOL_NO_GETENV"
count=0
missing=""

# job NAME COMMAND...: run it behind, keep its output; passes when it exits with 0
job() {
    local name=$1
    shift
    count=$((count + 1))
    while [ "$(jobs -rp | wc -l)" -ge "$JOBS" ]; do wait -n; done
    (
        if { time "$@" >"$D/$count.log" 2>&1; } 2>"$D/$count.cpu"; then
            echo "ok      $name ($(cat "$D/$count.cpu") s of a core)"
        else
            echo "FAILED  $name"
            head -n 12 "$D/$count.log"
        fi >"$D/$count.out"
    ) &
}
have() { command -v "$1" >/dev/null || { missing="$missing $1"; return 1; }; }
source='#define MEDVOL_IMPLEMENTATION\n#include "medvol.h"\n'
impl() { # impl OUT COMPILER LANGUAGE FLAGS...: the implementation as one unit
    local out=$1 cc=$2 lang=$3
    shift 3
    printf "$source" | $cc -I. $W "$@" -x $lang -c - -o $D/$out.o
}
syntax() { # syntax COMPILER LANGUAGE FLAGS...: the front end alone
    local cc=$1 lang=$2
    shift 2
    printf "$source" | $cc -I. $W -fsyntax-only "$@" -x $lang -
}
refuses() { ! printf "$source" | gcc -I. -E "$@" -x c - -o /dev/null; } # by #error, so that it has a reason

# ---- dialects, optimisation, compilers; the longest first. Four more are the golden results below ----
O=$D/object.o # in all ways but quick; there the build's, which .ci/run makes strict
[ "$QUICK" = quick ] && O=build/medvol.o
pair() { have $1 && job "$1 -std=$3 $4" impl pair-$1-$4 $1 $2 -std=$3 $4; }
if [ "$QUICK" != quick ]; then
    pair g++ c++ c++17 -O3
    pair clang++ c++ c++11 -O3
    pair clang++ c++ c++17 -O2
    pair g++ c++ c++11 -O2
    pair clang c c99 -O1
    pair gcc c c11 -O1
    pair clang++ c++ c++11 -O1
    pair g++ c++ c++17 -O1
    job "gcc -std=c99 -O2, frames under 16 KiB" impl object gcc c -std=c99 -O2 -Wframe-larger-than=16000
fi
pair clang c c11 -O0
pair g++ c++ c++11 -O0
if [ "$QUICK" = quick ]; then
    have clang++ && job "clang++ -std=c++17" syntax clang++ c++ -std=c++17
else
    pair clang++ c++ c++17 -O0
fi
for std in gnu++17 c++20; do have g++ && job "g++ -std=$std" syntax g++ c++ -std=$std ${QUICK:+-DMEDVOL_MAX_LEVEL=1}; done

# ---- other baselines: the scalar pass may then hold vector code, the results stay ----
echo "$(printf "$source")" | sed 's|"medvol|"../../medvol|' >$D/golden.c
mkdir -p $D/tables && echo 'X(golden)' >$D/tables/tables.h && awk -f tests/api.awk medvol.h >$D/tables/api.h
baseline() { # baseline COMPILER FLAGS...: the header with these, the test without contraction of its own
    local cc=$1 name
    name=golden-$(echo "$*" | tr -c 'a-z0-9\n' -)
    shift
    $cc $W "$@" -c $D/golden.c -o $D/$name.o &&
        $cc -O1 -ffp-contract=off -I$D/tables tests/main.c tests/test_golden.c $D/$name.o -o $D/$name \
            -lm -lpthread && ./$D/$name golden --threads 2
}
golden() { have $1 && job "golden results, $*" baseline "$@"; }
scalar="" gcc=-O3 clang=-O3 O1=-O1
# it alone is compiled, at the lowest level at which each compiler fuses
[ "$QUICK" = quick ] && scalar="-DMEDVOL_MAX_LEVEL=1" gcc=-O2 clang=-O1 O1=-O0
golden gcc -std=gnu11 $gcc -mavx2 -mfma $scalar
golden clang -std=gnu99 $clang -mavx2 -mfma $scalar
if [ "$QUICK" != quick ]; then
    golden gcc -std=c99 -O0
    golden clang -std=gnu17 -O2
    golden gcc -std=gnu17 -O2
    golden gcc -std=gnu17 -O2 -mavx512f -mavx512bw -mavx512dq -mavx512vl -mfma
fi

# ---- configuration: every level, every section and platform service left out, alone and together ----
if [ "$QUICK" != quick ]; then
    job "MEDVOL_MAX_LEVEL=1 gcc -O2" impl max-1 gcc c -std=c99 -O2 -DMEDVOL_MAX_LEVEL=1
    have clang && job "MEDVOL_MAX_LEVEL=2 clang -O2" impl max-2 clang c -std=c11 -O2 -DMEDVOL_MAX_LEVEL=2
    have g++ && job "MEDVOL_MAX_LEVEL=3 g++ -O1" impl max-3 g++ c++ -std=c++17 -O1 -DMEDVOL_MAX_LEVEL=3
fi
for level in 1 2 3; do
    max=-DMEDVOL_MAX_LEVEL=$level
    [ $level = 1 ] || [ "$QUICK" = quick ] ||
        job "MEDVOL_MAX_LEVEL=$level gcc" impl max-$level-gcc gcc c -std=c11 -O0 $max
    [ $level = 2 ] || { have clang && job "MEDVOL_MAX_LEVEL=$level clang" syntax clang c -std=c99 $max; }
    [ $level = 3 ] || { have g++ && job "MEDVOL_MAX_LEVEL=$level g++" syntax g++ c++ -std=c++11 $max; }
done
job "MEDVOL_MAX_LEVEL=5 is refused" refuses -DMEDVOL_MAX_LEVEL=5
job "MEDVOL_NO_GZIP with [IO] is refused" refuses -DMEDVOL_NO_GZIP -DMEDVOL_NO_CACHE
job "MEDVOL_NO_GZIP with [CACHE] is refused" refuses -DMEDVOL_NO_GZIP -DMEDVOL_NO_IO
CORE="-DMEDVOL_NO_IO -DMEDVOL_NO_GZIP -DMEDVOL_NO_INTENSITY -DMEDVOL_NO_SPATIAL -DMEDVOL_NO_RESAMPLE \
-DMEDVOL_NO_LINALG -DMEDVOL_NO_FFT -DMEDVOL_NO_KSPACE -DMEDVOL_NO_COILS -DMEDVOL_NO_GRAPPA -DMEDVOL_NO_SENSE \
-DMEDVOL_NO_TRAJECTORY -DMEDVOL_NO_NUFFT -DMEDVOL_NO_ITERATE \
-DMEDVOL_NO_FILTER -DMEDVOL_NO_FIELD -DMEDVOL_NO_MEASURE -DMEDVOL_NO_STATS -DMEDVOL_NO_REGISTER -DMEDVOL_NO_FLOW \
-DMEDVOL_NO_NEAREST -DMEDVOL_NO_LANDMARK -DMEDVOL_NO_LAYER -DMEDVOL_NO_CACHE \
-DMEDVOL_NO_TRANSPORT"
MRI="-DMEDVOL_NO_KSPACE -DMEDVOL_NO_COILS -DMEDVOL_NO_GRAPPA -DMEDVOL_NO_SENSE \
-DMEDVOL_NO_TRAJECTORY -DMEDVOL_NO_NUFFT -DMEDVOL_NO_ITERATE"
job "MEDVOL_NO_FFT with [SENSE] is refused" refuses -DMEDVOL_NO_FFT
REG="-DMEDVOL_NO_REGISTER -DMEDVOL_NO_FLOW -DMEDVOL_NO_LANDMARK"
FIELD="-DMEDVOL_NO_FIELD -DMEDVOL_NO_LAYER $REG"
job "MEDVOL_NO_RESAMPLE with [FIELD] is refused" refuses -DMEDVOL_NO_RESAMPLE
job "MEDVOL_NO_FIELD with [REGISTER] is refused" refuses -DMEDVOL_NO_FIELD -DMEDVOL_NO_LAYER
job "MEDVOL_NO_FIELD with [LAYER] is refused" refuses -DMEDVOL_NO_FIELD $REG
job "MEDVOL_NO_REGISTER with [FLOW] is refused" refuses -DMEDVOL_NO_REGISTER
for no in -DMEDVOL_NO_{IO,INTENSITY,SPATIAL,TRAJECTORY,NUFFT,ITERATE,MEASURE,STATS,FLOW,NEAREST,LANDMARK,LAYER,CACHE,TRANSPORT,STDIO,MALLOC,THREADS,MMAP,GETENV} "$MRI" "$REG" \
    "-DMEDVOL_NO_RESAMPLE $FIELD" "$FIELD" "-DMEDVOL_NO_FILTER $REG" \
    "-DMEDVOL_NO_LINALG $MRI $REG" "-DMEDVOL_NO_FFT $MRI" \
    "-DMEDVOL_NO_GZIP -DMEDVOL_NO_IO -DMEDVOL_NO_CACHE" "$FIRMWARE" "$CORE"; do
    name=$(echo "$no" | sed 's/-DMEDVOL_NO_//g; s/ / + /g')
    have clang && job "without $name, clang" syntax clang c -std=c11 $scalar $no
    [ "$QUICK" = quick ] && continue
    job "without $name, gcc" impl no-$count gcc c -std=c99 -O0 $no
    have g++ && job "without $name, static, g++" syntax g++ c++ -std=c++11 -DMEDVOL_STATIC $no
done
have g++ && job "static, g++" syntax g++ c++ -std=c++11 -DMEDVOL_STATIC
job "without all but the core, gcc -O2" impl core gcc c -std=c99 -O2 $CORE

# ---- ways to include ----
cp medvol.h $D/inc/vendor/medvol.h
cp medvol.h $D/inc/renamed/volumes.h
SMALL="$CORE -O0 $W tests/units/two_units.c"
unit() { # unit PROGRAM COMMAND...: build it and run it
    local out=$1
    shift
    "$@" -o $D/$out -lm -lpthread && ./$D/$out
}
job "include path with a directory, gcc" unit vendor gcc -std=c99 -I$D/inc '-DHEADER="vendor/medvol.h"' $SMALL
have clang && job "include path with a directory, clang" unit vendor2 clang -std=c99 -I$D/inc \
    '-DHEADER="vendor/medvol.h"' $SMALL
job "relative path with .., gcc" unit dots gcc -std=c99 -I$D/inc/renamed \
    '-DHEADER="../vendor/medvol.h"' $SMALL
job "renamed, MEDVOL_SELF" unit renamed gcc -std=c99 -I$D/inc '-DHEADER="renamed/volumes.h"' \
    '-DMEDVOL_SELF="volumes.h"' $SMALL
job "-include" unit forced gcc -std=c99 -I. -include medvol.h $SMALL
two() { # two NAME FIRST SECOND LINKER: the header static in both units of one program
    local u="-I. $W ${QUICK:+$CORE} tests/units/two_units.c"
    $2 $u -DUNIT=1 -c -o $D/$1-1.o && $3 $u -DUNIT=2 -c -o $D/$1-2.o && unit $1 $4 $D/$1-1.o $D/$1-2.o
}
job "static in two units, gcc" two two-gcc "gcc -std=c99 $O1" "gcc -std=c99 -O0" gcc
have clang && job "static in two units, clang" two two-clang "clang -std=c99 $O1" "clang -std=c99 -O0" clang
have g++ && job "static in two units, C and C++" two two-mixed "gcc -std=c99 -O0" \
    "g++ -std=c++11 $O1 -x c++" g++
again() {
    printf '#include <stdio.h>\n#include "medvol.h"\n'"$source"'#include "medvol.h"\n' >$D/again.c
    echo 'int main(void) { return mv_version()[0] != 48; }' >>$D/again.c
    unit again gcc -std=c99 -I. $W $scalar -O0 $D/again.c
}
job "system headers first, strict C99, included three times" again

# ---- names ----
job "after the macros of other people, gcc" syntax gcc c -std=c99 -include tests/units/hostile.h
job "after the macros of other people, g++" syntax g++ c++ -std=c++11 -include tests/units/hostile.h
job "after complex.h and sysmacros.h" syntax gcc c -std=gnu11 $scalar -include complex.h -include sys/sysmacros.h \
    -include sys/param.h -include sys/types.h
declarations() {
    echo '#include "medvol.h"' | gcc -I. $W -std=c99 -include tests/units/hostile.h -fsyntax-only -x c -
}
job "declarations after the macros of other people" declarations

# ---- other machines ----
have aarch64-linux-gnu-g++ && job "aarch64 g++" syntax aarch64-linux-gnu-g++ c++ -std=c++11
arm() { # arm NAME FLAGS...: firmware
    local name=$1
    shift
    have arm-none-eabi-gcc && job "$name, freestanding" impl "$name" arm-none-eabi-gcc c -std=c99 -Os \
        -ffreestanding $FIRMWARE "$@"
}
[ "$QUICK" = quick ] || # there make size compiles it
    arm Cortex-M7 -mcpu=cortex-m7 -mthumb -mfpu=fpv5-d16 -mfloat-abi=hard
have x86_64-w64-mingw32-gcc && job "Windows, mingw gcc" impl win64 x86_64-w64-mingw32-gcc c -std=c99 $O1 $scalar
have x86_64-w64-mingw32-g++ && job "Windows, mingw g++" syntax x86_64-w64-mingw32-g++ c++ -std=c++11
if [ "$QUICK" != quick ]; then
    arm Cortex-R5 -mcpu=cortex-r5 -marm
    have aarch64-linux-gnu-gcc && job "aarch64 gcc" impl arm64 aarch64-linux-gnu-gcc c -std=c99 -O1
    have i686-w64-mingw32-gcc && job "Windows, 32-bit mingw gcc" impl win32 i686-w64-mingw32-gcc c -std=c99 -O0
fi
if [ "$QUICK" != quick ] && echo '#include <stdio.h>' | gcc -m32 -fsyntax-only -x c - 2>/dev/null; then
    job "32-bit x86, gcc" impl m32 gcc c -std=c99 -O1 -m32
fi

# ---- what came out ----
wait
names() { # only mv_ names leave the object, and it holds no writable data but two words on the level
    local bad data
    bad=$(nm --defined-only -g $O | awk '{print $3}' | grep -v '^mv_[a-z]')
    data=$(objdump -t $O | grep -E '[[:space:]](\.data|\.bss|\*COM\*)[[:space:]]' | grep -v ' d ' |
        awk '{print $NF}' | grep -vE '^mv__(level|cpu)_word$')
    echo "names: $bad; writable data: $data"
    [ -z "$bad$data" ]
}
job "only mv_ names, no writable data but two words on the level" names
symbols() { # every public declaration is a real symbol
    local want got
    want=$(printf '#include "medvol.h"\n' | gcc -I. -E -P -x c - | tr '\n' ' ' | grep -o 'extern [^;]*;' |
        grep -o 'mv_[a-z0-9_]*(' | tr -d '(' | sort -u)
    got=$(nm --defined-only -g $O | awk '{print $3}' | sort -u)
    want=$(comm -3 <(echo "$want") <(echo "$got"))
    echo "declared or defined, not both: $want"
    [ -z "$want" ]
}
job "every declaration is defined, every symbol declared" symbols
light() { # the declarations alone pull in nothing but stddef.h and stdint.h
    printf '#include "medvol.h"\n' | gcc -I. -E -x c - | grep -o '^# [0-9]* "[^"]*"' |
        grep -E 'immintrin|stdio|stdlib|math\.h|pthread|unistd|windows' && return 1
    [ "$(printf '#include "medvol.h"\n' | gcc -I. -E -P -x c - | wc -l)" -lt 3000 ]
}
job "declarations alone are light" light
upper() { # a kernel that touches wide registers clears their upper halves: mv_end() of [PASS]
    objdump -d --no-show-raw-insn $O | awk '
        /^[0-9a-f]+ <.*>:$/ {
            if (wide && !clear) print name
            name = $2
            wide = clear = 0
            skip = name !~ /_avx(2|512)/ || name ~ /<mv__v/
        }
        !skip && /%[yz]mm/ { wide = 1 }
        !skip && /vzeroupper/ { clear = 1 }
        END { if (wide && !clear) print name }' >$D/dirty
    cat $D/dirty
    [ ! -s $D/dirty ]
}
[ "$(uname -m)" = x86_64 ] && job "AVX kernels end with vzeroupper" upper
words() { # every word of the vocabulary is tested and taken back at the end of a pass
    local w bad=""
    for w in $(sed -n '/^#if MV__PASS == 1/,/^#elif/p' medvol.h |
        sed -n 's/^#  define \(mv[a-z0-9]*_[a-z0-9_]*\)(.*/\1/p' | sort -u); do
        grep -qw -e "$w" -e "${w%_*}_##name" tests/vocabulary.h || bad="$bad $w(test)"
        grep -q "^#  undef $w\$" medvol.h || bad="$bad $w(undef)"
    done
    echo "missing:$bad"
    [ -z "$bad" ]
}
job "every word of the vocabulary has a test" words
wait
cat $(ls $D/*.out | sort -V)
failed=$(cat $D/*.out | grep -c '^FAILED')
[ -n "$missing" ] && echo "not installed, left out:$(echo "$missing" | tr ' ' '\n' | sort -u | tr '\n' ' ')"
echo "$((count - failed)) builds passed, $failed failed"
[ "$failed" = 0 ]
