#!/bin/bash
# matrix.sh - compiles medvol.h in every way that is promised and inspects the result: matrix.sh [quick]. Compilers that are missing
# are left out and named. JOBS=n builds at a time. The last line is "N builds passed, N failed".
cd "$(dirname "$0")/.." || exit 1
D=build/matrix
rm -rf $D
mkdir -p $D/inc/vendor $D/inc/renamed
JOBS=${JOBS:-2}
QUICK=${1:-}
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
    (if "$@" >"$D/$count.log" 2>&1; then echo "ok      $name"; else echo "FAILED  $name"; head -n 12 "$D/$count.log"; fi >"$D/$count.out") &
}
have() { command -v "$1" >/dev/null || { missing="$missing $1"; return 1; }; }
impl() { # impl OUT COMPILER LANGUAGE FLAGS...: the implementation as one unit
    local out=$1 cc=$2 lang=$3
    shift 3
    printf '#define MEDVOL_IMPLEMENTATION\n#include "medvol.h"\n' | $cc -I. $W "$@" -x $lang -c - -o $D/$out.o
}
syntax() { local cc=$1 lang=$2; shift 2; printf '#define MEDVOL_IMPLEMENTATION\n#include "medvol.h"\n' | $cc -I. $W -fsyntax-only "$@" -x $lang -; }
fails() { ! "$@" 2>/dev/null; }

# ---- dialects and compilers ----
for cc in gcc clang; do
    have $cc || continue
    for std in c99 c11 gnu11; do job "$cc -std=$std -O1" impl $cc-$std $cc c -std=$std -O1; done
done
for cc in g++ clang++; do
    have $cc || continue
    for std in c++11 c++17; do job "$cc -std=$std -O1" impl $cc-$std $cc c++ -std=$std -O1; done
done
job "gcc -std=c99 -O0" impl gcc-O0 gcc c -std=c99 -O0
job "gcc -std=c99 -O3" impl gcc-O3 gcc c -std=c99 -O3
job "g++ -std=c++11 -O0" impl gxx-O0 g++ c++ -std=c++11 -O0
have clang && job "clang -std=c11 -O0" impl clang-O0 clang c -std=c11 -O0
if [ "$QUICK" != quick ]; then
    job "gcc -std=c11 -O2" impl gcc-O2 gcc c -std=c11 -O2
    job "g++ -std=c++17 -O2" impl gxx-O2 g++ c++ -std=c++17 -O2
    job "g++ -std=c++11 -O3" impl gxx-O3 g++ c++ -std=c++11 -O3
    have clang && job "clang -std=c99 -O2" impl clang-O2 clang c -std=c99 -O2
    have clang && job "clang -std=c11 -O3" impl clang-O3 clang c -std=c11 -O3
    have clang++ && job "clang++ -std=c++11 -O2" impl clangxx-O2 clang++ c++ -std=c++11 -O2
    job "g++ -std=gnu++17 -O1" impl gxx-gnu17 g++ c++ -std=gnu++17 -O1
    job "g++ -std=c++20 -O1" impl gxx-20 g++ c++ -std=c++20 -O1
fi

# ---- configuration: every level, every section and platform service left out, alone and together ----
for level in 1 2 3; do
    job "MEDVOL_MAX_LEVEL=$level gcc" impl max-$level gcc c -std=c99 -O1 -DMEDVOL_MAX_LEVEL=$level
    have clang && job "MEDVOL_MAX_LEVEL=$level clang" syntax clang c -std=c99 -DMEDVOL_MAX_LEVEL=$level
    have g++ && job "MEDVOL_MAX_LEVEL=$level g++" syntax g++ c++ -std=c++11 -DMEDVOL_MAX_LEVEL=$level
done
job "MEDVOL_MAX_LEVEL=5 is refused" fails syntax gcc c -DMEDVOL_MAX_LEVEL=5
job "MEDVOL_NO_GZIP with [IO] is refused" fails syntax gcc c -DMEDVOL_NO_GZIP
for no in IO INTENSITY SPATIAL RESAMPLE "GZIP -DMEDVOL_NO_IO" STDIO MALLOC THREADS MMAP GETENV "STDIO $FIRMWARE" \
    "IO -DMEDVOL_NO_GZIP -DMEDVOL_NO_INTENSITY -DMEDVOL_NO_SPATIAL -DMEDVOL_NO_RESAMPLE"; do
    name=$(echo "$no" | sed 's/ .*-DMEDVOL_NO_GETENV/ + MALLOC + THREADS + MMAP + GETENV/; s/-DMEDVOL_NO_/+ /g')
    job "without $name, gcc" impl no-$count gcc c -std=c99 -O1 -DMEDVOL_NO_$no
    have clang && job "without $name, clang" syntax clang c -std=c11 -DMEDVOL_NO_$no
    job "without $name, static, g++" syntax g++ c++ -std=c++11 -DMEDVOL_STATIC -DMEDVOL_NO_$no
done

# ---- ways to include ----
cp medvol.h $D/inc/vendor/medvol.h
cp medvol.h $D/inc/renamed/volumes.h
SMALL="-DMEDVOL_NO_IO -DMEDVOL_NO_GZIP -DMEDVOL_NO_INTENSITY -DMEDVOL_NO_SPATIAL -DMEDVOL_NO_RESAMPLE -O1 $W tests/units/two_units.c"
unit() { local out=$1; shift; "$@" -o $D/$out -lm -lpthread && ./$D/$out; }
job "include path with a directory, gcc" unit vendor gcc -std=c99 -I$D/inc '-DHEADER="vendor/medvol.h"' $SMALL
job "relative path with .., gcc" unit dots gcc -std=c99 -I$D/inc/renamed '-DHEADER="../vendor/medvol.h"' $SMALL
have clang && job "include path with a directory, clang" unit vendor2 clang -std=c99 -I$D/inc '-DHEADER="vendor/medvol.h"' $SMALL
job "renamed, MEDVOL_SELF" unit renamed gcc -std=c99 -I$D/inc '-DHEADER="renamed/volumes.h"' '-DMEDVOL_SELF="volumes.h"' $SMALL
job "-include" unit forced gcc -std=c99 -I. -include medvol.h $SMALL
for cc in gcc clang; do
    have $cc || continue
    job "static in two units, $cc" unit two-$cc bash -c "$cc -std=c99 -I. -O1 $W -DUNIT=1 -c tests/units/two_units.c -o $D/$cc-u1.o && \
        $cc -std=c99 -I. -O1 $W -DUNIT=2 -c tests/units/two_units.c -o $D/$cc-u2.o && $cc $D/$cc-u1.o $D/$cc-u2.o \"\$@\"" two
done
have g++ && job "static in two units, C and C++" unit two-mixed bash -c "gcc -std=c99 -I. -O1 $W -DUNIT=1 -c tests/units/two_units.c -o $D/m1.o && \
    g++ -std=c++11 -I. -O1 $W -DUNIT=2 -x c++ -c tests/units/two_units.c -o $D/m2.o && g++ $D/m1.o $D/m2.o \"\$@\"" two
again() { printf '#include <stdio.h>\n#include "medvol.h"\n#define MEDVOL_IMPLEMENTATION\n#include "medvol.h"\n#include "medvol.h"\nint main(void) { return mv_version()[0] != 48; }\n' >$D/again.c
    gcc -std=c99 -I. $W -O1 $D/again.c -o $D/again -lm -lpthread && ./$D/again; }
job "system headers first, strict C99, included three times" again

# ---- names ----
job "after the macros of other people, gcc" syntax gcc c -std=c99 -include tests/units/hostile.h
job "after the macros of other people, g++" syntax g++ c++ -std=c++11 -include tests/units/hostile.h
job "after complex.h and sysmacros.h" syntax gcc c -std=gnu11 -include complex.h -include sys/sysmacros.h -include sys/param.h -include sys/types.h
job "declarations after the macros of other people" bash -c "echo '#include \"medvol.h\"' | gcc -I. $W -std=c99 -include tests/units/hostile.h -fsyntax-only -x c -"

# ---- other baselines: the scalar pass may then hold vector code, the results stay ----
printf '#define MEDVOL_IMPLEMENTATION\n#include "../../medvol.h"\n' >$D/golden.c
mkdir -p $D/tables && echo 'X(golden)' >$D/tables/tables.h
baseline() { # the header with these flags, the test without contraction of its own
    local name=$1 cc=$2
    shift 2
    $cc "$@" -c $D/golden.c -o $D/$name.o &&
        $cc -O1 -ffp-contract=off -I$D/tables tests/main.c tests/test_golden.c $D/$name.o -o $D/$name -lm -lpthread && ./$D/$name golden
}
job "golden results, gcc -std=gnu17 -O2, no flag against contraction" baseline g-gnu gcc -std=gnu17 -O2
job "golden results, gcc -O3 -mavx2 -mfma" baseline g-avx2 gcc -std=gnu17 -O3 -mavx2 -mfma
job "golden results, gcc -O2 -mavx512*" baseline g-avx512 gcc -std=gnu17 -O2 -mavx512f -mavx512bw -mavx512dq -mavx512vl -mfma
job "golden results, gcc -O0" baseline g-O0 gcc -std=c99 -O0
have clang && job "golden results, clang -O2" baseline g-clang clang -std=gnu17 -O2
have clang && job "golden results, clang -O3 -mavx2 -mfma" baseline g-clang2 clang -std=gnu11 -O3 -mavx2 -mfma

# ---- other machines ----
have aarch64-linux-gnu-gcc && job "aarch64 gcc" impl arm64 aarch64-linux-gnu-gcc c -std=c99 -O1
have aarch64-linux-gnu-g++ && job "aarch64 g++" syntax aarch64-linux-gnu-g++ c++ -std=c++11
have arm-none-eabi-gcc && job "Cortex-M7, freestanding" impl m7 arm-none-eabi-gcc c -std=c99 -Os -ffreestanding -mcpu=cortex-m7 -mthumb \
    -mfpu=fpv5-d16 -mfloat-abi=hard $FIRMWARE
have arm-none-eabi-gcc && job "Cortex-R5, freestanding" impl r5 arm-none-eabi-gcc c -std=c99 -Os -ffreestanding -mcpu=cortex-r5 -marm $FIRMWARE
have x86_64-w64-mingw32-gcc && job "Windows, mingw gcc" impl win64 x86_64-w64-mingw32-gcc c -std=c99 -O1
have x86_64-w64-mingw32-g++ && job "Windows, mingw g++" syntax x86_64-w64-mingw32-g++ c++ -std=c++11
have i686-w64-mingw32-gcc && job "Windows, 32-bit mingw gcc" impl win32 i686-w64-mingw32-gcc c -std=c99 -O1
echo '#include <stdio.h>' | gcc -m32 -fsyntax-only -x c - 2>/dev/null && job "32-bit x86, gcc" impl m32 gcc c -std=c99 -O1 -m32

# ---- what came out ----
wait
O=$D/object.o
object() { printf '#define MEDVOL_IMPLEMENTATION\n#include "medvol.h"\n' | gcc -std=c99 -O2 -g -I. $W -x c -c - -o $O; }
job "the object to inspect, gcc -O2" object
wait
names() { # only mv_ names leave the object, and it holds no writable data but the level word
    local bad data
    bad=$(nm --defined-only -g $O | awk '{print $3}' | grep -v '^mv_[a-z]')
    data=$(objdump -t $O | grep -E '[[:space:]](\.data|\.bss|\*COM\*)[[:space:]]' | grep -v ' d ' | awk '{print $NF}' | grep -v '^mv__level_word$')
    echo "names: $bad; writable data: $data"
    [ -z "$bad$data" ]
}
job "only mv_ names, no writable data but the level word" names
symbols() { # every public declaration is a real symbol
    local want got
    want=$(printf '#include "medvol.h"\n' | gcc -I. -E -P -x c - | tr '\n' ' ' | grep -o 'extern [^;]*;' | grep -o 'mv_[a-z0-9_]*(' | tr -d '(' | sort -u)
    got=$(nm --defined-only -g $O | awk '{print $3}' | sort -u)
    want=$(comm -3 <(echo "$want") <(echo "$got"))
    echo "declared or defined, not both: $want"
    [ -z "$want" ]
}
job "every declaration is defined, every symbol declared" symbols
light() { # the declarations alone pull in nothing but stddef.h and stdint.h
    printf '#include "medvol.h"\n' | gcc -I. -E -x c - | grep -o '^# [0-9]* "[^"]*"' | grep -E 'immintrin|stdio|stdlib|math\.h|pthread|unistd|windows' && return 1
    [ "$(printf '#include "medvol.h"\n' | gcc -I. -E -P -x c - | wc -l)" -lt 3000 ]
}
job "declarations alone are light" light
upper() { # a kernel that touches wide registers clears their upper halves: mv_end() of [PASS]
    objdump -d --no-show-raw-insn $O | awk '
        /^[0-9a-f]+ <.*>:$/ { if (wide && !clear) print name; name = $2; wide = clear = 0; skip = name !~ /_avx(2|512)/ || name ~ /<mv__v/ }
        !skip && /%[yz]mm/ { wide = 1 }
        !skip && /vzeroupper/ { clear = 1 }
        END { if (wide && !clear) print name }' >$D/dirty
    cat $D/dirty
    [ ! -s $D/dirty ]
}
[ "$(uname -m)" = x86_64 ] && job "AVX kernels end with vzeroupper" upper
words() { # every word of the vocabulary is tested and taken back at the end of a pass
    local w bad=""
    for w in $(sed -n '/^#if MV__PASS == 1/,/^#elif/p' medvol.h | sed -n 's/^#  define \(mv[a-z0-9]*_[a-z0-9_]*\)(.*/\1/p' | sort -u); do
        grep -qw -e "$w" -e "${w%_*}_##name" tests/vocabulary.h || bad="$bad $w(test)"
        grep -q "^#  undef $w\$" medvol.h || bad="$bad $w(undef)"
    done
    echo "missing:$bad"
    [ -z "$bad" ]
}
job "every word of the vocabulary has a test" words
stack() { # no function needs more than 16 KiB of stack
    printf '#define MEDVOL_IMPLEMENTATION\n#include "medvol.h"\n' | gcc -std=c99 -O2 -I. -Wframe-larger-than=16000 -Werror -x c -c - -o /dev/null
}
job "stack frames under 16 KiB" stack
wait
cat $(ls $D/*.out | sort -V)
failed=$(cat $D/*.out | grep -c '^FAILED')
[ -n "$missing" ] && echo "not installed, left out:$(echo "$missing" | tr ' ' '\n' | sort -u | tr '\n' ' ')"
echo "$((count - failed)) builds passed, $failed failed"
[ "$failed" = 0 ]
