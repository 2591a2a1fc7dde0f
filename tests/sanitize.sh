#!/bin/bash
# sanitize.sh - the tests under each tool: sanitize.sh FOLDER "address memory thread valgrind" [ARGUMENT...]
#   address   ASan, LSan and UBSan with every integer and float check (clang)
#   memory    MSan (clang), the best level and the scalar one, without the slowest cases
#   thread    TSan (clang), 2 threads, and 5 without the slow cases, at level 2: levels share the work alike
#   valgrind  memcheck at level 3, the best that it knows, without the slow cases
# The first finding ends a run and is shown. Ends with the line "N passed, N failed".
# ARGUMENT: of the test program, such as a part of the cases' names; with --level N no level above it is
# compiled, and thread runs with 5 threads alone.
out=$1 tools=$2
shift 2
mkdir -p "$out"
passed=0 failed=0
export ASAN_OPTIONS=allocator_may_return_null=1:detect_stack_use_after_return=1:strict_string_checks=1
export MSAN_OPTIONS=allocator_may_return_null=1 UBSAN_OPTIONS=print_stacktrace=1
export TSAN_OPTIONS=allocator_may_return_null=1:halt_on_error=1

elsewhere="guard/ oom/ fuzz/ iofault/" # have targets of their own
slow="$elsewhere $(cat tests/slow.txt)" # at a fortieth of the speed

# transforms of a few elements as if they were large ones: split lines, boxes, rounds, threads
small="-DMV__FT_LONG=2048 -DMV__FT_ALONE=0.0 -DMV__FT_ROUND=700.0 -DMV__FT_BOX=6000.0"

need() {
    command -v "$1" >/dev/null || { echo "sanitize: $1 is not installed"; exit 9; }
}
# build NAME COMPILER FLAG...; OBJECTS: the tests, compiled without the tool, for tools that allow it
build() {
    local b=$out/$1 cc=$2 tests=()
    shift 2
    need "$cc"
    [ "$OBJECTS" ] && [ $tool != memory ] && tests=(TESTS="$OBJECTS")
    make --no-print-directory "${tests[@]}" B="$b" CC="$cc" CFLAGS="-O1 -g -fno-omit-frame-pointer $*" \
        LDLIBS="$libs -lm -lpthread" "$b/tests/all" >"$b.log" 2>&1 && return
    cat "$b.log"
    exit 1
}
# run NAME COMMAND...: adds up the last line; a finding is a failure
run() {
    local log=$out/$1.log name=$1 begin=$SECONDS ok=1 line
    shift
    "$@" >"$log" 2>&1 || ok=0
    line=$(grep -E '^[0-9]+ passed, [0-9]+ failed(, [0-9]+ skipped)?$' "$log" | tail -n 1)
    passed=$((passed + $(echo "${line:-0}" | cut -d' ' -f1)))
    if [ $ok = 1 ]; then
        echo "ok $name: ${line%%,*}, $((SECONDS - begin)) s"
    else
        failed=$((failed + 1))
        echo "FAILED $name (the whole text: $log):"
        grep -vE '^[0-9]+ passed' "$log" | tail -n 60
    fi
}

level=$(echo " $* " | sed -n 's/.* --level \([1-4]\) .*/\1/p')
for tool in $tools; do
    all=$out/$tool/tests/all libs=
    case $tool in
        address)
            # so many checks that at -O1 clang takes minutes for the scalar level alone
            build address clang -O0 -DMEDVOL_MAX_LEVEL=${level:-4} -DMV__CHECK_KNOWN $small -fno-sanitize-recover=all \
                -fsanitize-ignorelist=tests/sanitize.ignore \
                -fsanitize=address,undefined,float-cast-overflow,float-divide-by-zero,integer
            run address "$all" "$@" --threads 2
            ;;
        memory)
            need clang
            clang -O1 -fsanitize=memory -c tests/units/msan_stat.c -o "$out/msan_stat.o" || exit 1
            libs="$out/msan_stat.o -Wl,--wrap=stat64,--wrap=lstat64,--wrap=fstat64"
            build memory clang -DMEDVOL_MAX_LEVEL=${level:-4} -fsanitize=memory
            for l in ${level:-4 1}; do
                run memory-$l "$all" "$@" --threads 2 --level $l --without guard/ --without oom/ \
                    --without world/ --without spatial/big --without register/models \
                    --without register/symmetric --without bspline_parts/bending --without landmarks/phase \
                    --without lnccmodes/descents
            done
            ;;
        thread)
            build thread clang -DMEDVOL_MAX_LEVEL=2 $small -fsanitize=thread
            [ "$level" ] || run thread-2 "$all" "$@" --threads 2 --level 2 $(printf -- '--without %s ' $elsewhere)
            run thread-5 "$all" "$@" --threads 5 --level 2 $(printf -- '--without %s ' $slow)
            ;;
        valgrind)
            need valgrind
            build valgrind clang -DMEDVOL_MAX_LEVEL=3 -gdwarf-4 # valgrind 3.19 cannot read the newer form of clang
            # its fused multiply-add rounds otherwise, and it has no room for a map of 200 GiB
            run valgrind valgrind --quiet --error-exitcode=1 --leak-check=full --fair-sched=yes \
                --suppressions=tests/valgrind.supp "$all" "$@" --threads 2 --level 3 \
                $(printf -- '--without %s ' $slow vocabulary/mad catalogue/map_far)
            ;;
        *)
            echo "sanitize: SAN=$tool: must be address, memory, thread or valgrind"
            exit 2
            ;;
    esac
done
echo "$passed passed, $failed failed"
[ $failed = 0 ]
