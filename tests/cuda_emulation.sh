#!/bin/sh
# cuda_emulation.sh BUILD: tests/cuda_planted.cpp with g++ and clang++, plain, with fused multiply-adds and with the
# hooks of -fsanitize=thread (the sanitizer itself is not linked); last line "N passed, N failed" over all.
# Needs BUILD/medvol.o, for cuFFT's stand-in. CHECK_OPT: optimisation of the builds, -O1.
B=$1
D=$B/cuda-emulation
FLAGS="-std=c++11 -g ${CHECK_OPT:--O1} -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Werror"
mkdir -p "$D" || exit 1
passed=0 failed=0 builds=0

# one NAME COMPILER FLAG...
one() {
    name=$1 cc=$2
    shift 2
    # shellcheck disable=SC2086
    if $cc $FLAGS "$@" -c tests/cuda_planted.cpp -o "$D/$name.o" && $cc "$D/$name.o" "$B/medvol.o" -lm -lpthread -o "$D/$name"; then
        "$D/$name" > "$D/$name.log"
        code=$?
        last=$(tail -n 1 "$D/$name.log")
        case $last in
            *" passed, "*" failed") ;;
            *) last="0 passed, 1 failed" ;;
        esac
        [ $code = 0 ] || { cat "$D/$name.log"; [ "${last#*, }" != "0 failed" ] || last="${last%%,*}, 1 failed"; }
    else last="0 passed, 1 failed"
    fi
    echo "$name: $last"
    passed=$((passed + ${last%% *})) failed=$((failed + $(echo "$last" | sed 's/.*, \([0-9]*\) failed/\1/')))
    builds=$((builds + 1))
}

fused="-ffp-contract=fast"
case $(uname -m) in
    x86_64) if grep -qw fma /proc/cpuinfo; then fused="-mfma $fused"; else fused=; echo "left out: this machine has no fused multiply-add"; fi ;;
esac
for cc in g++ clang++; do
    command -v $cc > /dev/null || { echo "left out: $cc is not installed"; continue; }
    one "$cc-plain" "$cc"
    # shellcheck disable=SC2086
    [ -z "$fused" ] || one "$cc-fused" "$cc" $fused
    one "$cc-check" "$cc" -fsanitize=thread
done
[ $builds -gt 0 ] || { echo "cuda_emulation: neither g++ nor clang++ is installed"; exit 9; }
echo "$passed passed, $failed failed"
[ $failed = 0 ]
