#!/bin/bash
# lint.sh - reads the sources with each tool: lint.sh FOLDER "tidy cppcheck analyzer" GENERATED-HEADERS [quick]
#   tidy      clang-tidy on the header, the examples, the tests and the bench; its checks: tests/clang-tidy.yaml. The
#             header is read as a source file: the path analyzer starts from no function of an included one
#   cppcheck  the header and the examples; what it may say: tests/cppcheck.txt
#   analyzer  gcc -fanalyzer on the examples (on the header gcc 12 gives up before the end, without a word)
#   quick     without clang's path analyzer, which takes most of the time; gcc's without the profilers, which are alike
# A finding is a failure. Ends with the line "N passed, N failed".
out=$1 tools=$2 generated=$3 quick=$4
mkdir -p "$out"
passed=0 failed=0
level="-DMEDVOL_MAX_LEVEL=1" # kernels are written once for all levels

need() {
    command -v "$1" >/dev/null || { echo "lint: $1 is not installed"; exit 9; }
}
# check NAME COMMAND...: passes when it succeeds and names no line
check() {
    local log=$out/$1.log name=$1 begin=$SECONDS
    shift
    if "$@" >"$log" 2>&1 && ! grep -qE '^[^ ]+:[0-9]+(:[0-9]+)?: ' "$log"; then
        passed=$((passed + 1))
        echo "ok $name, $((SECONDS - begin)) s"
    else
        failed=$((failed + 1))
        echo "FAILED $name (the whole text: $log):"
        grep -E '^[^ ]+:[0-9]+(:[0-9]+)?: ' "$log" | grep -v ': note: ' | sort -u | head -n 40
    fi
}
# In the tests numbers are compared bit for bit, made by rounding, read from known text; values step by
# fractions; known names are put together; blocks may be empty and structs roomy; a fault is reported from its
# handler, which ends the program. The path analyzer takes a failed CHECK for the end (tests/test.h).
in_tests="-misc-no-recursion,-bugprone-suspicious-memory-comparison,-cert-exp42-c,-cert-flp37-c,\
-bugprone-suspicious-string-compare,-bugprone-not-null-terminated-result,-bugprone-integer-division,\
-performance-type-promotion-in-math-fn,-bugprone-sizeof-expression,-cert-flp30-c,-cert-err34-c,-cert-env33-c,\
-bugprone-signal-handler,-cert-sig30-c,-clang-analyzer-security.FloatLoopCounter,\
-clang-analyzer-optin.portability.UnixAPI,-clang-analyzer-optin.performance.Padding,\
-clang-analyzer-security.insecureAPI.strcpy"
tidy="clang-tidy --quiet --config-file=tests/clang-tidy.yaml --header-filter=(medvol|tests|examples|bench)"
paths=${quick:+,-clang-analyzer-*}

for tool in $tools; do
    case $tool in
        tidy)
            need clang-tidy
            check tidy-header $tidy --checks="$paths" medvol.h -- -x c -std=c99 -I. -DMEDVOL_IMPLEMENTATION $level
            check tidy-examples $tidy --checks="$paths" examples/*.c -- -std=c99 -DMEDVOL_LINKED
            check tidy-tests $tidy --checks="$in_tests$paths" tests/*.c tests/fuzz/*.c tests/tools/*.c -- \
                -std=c99 -I. -I"$generated" $level
            check tidy-bench $tidy --checks="-cert-err34-c,-cert-flp30-c$paths" bench/bench.c bench/rows_*.c -- \
                -std=gnu11 -I"$generated" -DMEDVOL_LINKED '-DBENCH_FLAGS=""'
            ;;
        cppcheck)
            need cppcheck
            printf '#define MEDVOL_IMPLEMENTATION\n#include "medvol.h"\n' >"$out/medvol.c"
            # "information" names what is allowed but no longer said
            check cppcheck cppcheck --quiet --enable=warning,performance,portability,style,information \
                --suppress=missingIncludeSystem --suppressions-list=tests/cppcheck.txt --inline-suppr \
                --std=c99 --platform=unix64 --error-exitcode=1 --template='{file}:{line}: {id}: {message}' \
                -I. $level -DMEDVOL_LINKED -D__GNUC__=12 -D__linux__ -D__unix__ -D__x86_64__ \
                -D__BYTE_ORDER__=1234 "$out/medvol.c" examples/*.c
            ;;
        analyzer)
            need gcc
            for e in examples/[a-z]*.c; do
                case $e in */profile_all.c) continue ;; */profile_*) [ "$quick" ] && continue ;; esac
                check "analyzer-$(basename $e .c)" \
                    gcc -std=c99 -fanalyzer -DMEDVOL_LINKED -c $e -o /dev/null
            done
            ;;
        *)
            echo "lint: LINTERS=$tool: must be tidy, cppcheck or analyzer"
            exit 2
            ;;
    esac
done
echo "$passed passed, $failed failed"
[ $failed = 0 ]
