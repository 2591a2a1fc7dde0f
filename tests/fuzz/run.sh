#!/bin/bash
# run.sh tools NAME...            the tools are there, or exit 9 with the one that is missing
# run.sh libfuzzer DIR TARGET...  runs DIR/fuzz_TARGET on DIR/corpus_TARGET, SECONDS_EACH long, JOBS at once;
#                                 AFL=1: then DIR/afl for as long; MERGE=1: corpora made small at the end.
# Each adds a line "target engine executions seconds" to DIR/tally. FUZZ_SEED makes a run repeatable.
missing() { echo "fuzz: $1"; exit 9; }
if [ "$1" = tools ]; then
    shift
    for t in "$@"; do command -v "$t" >/dev/null || missing "$t is not installed"; done
    mkdir -p build/fuzz
    echo 'int LLVMFuzzerTestOneInput(const unsigned char *p, unsigned long n) { return !p && n; }' |
        clang -fsanitize=fuzzer,address -x c - -o build/fuzz/probe 2>/dev/null ||
        missing "clang has no libFuzzer (on Debian: libclang-rt-dev)"
    echo '#include <zlib.h>' | clang -E -x c - >/dev/null 2>&1 ||
        echo "fuzz: zlib.h is not there: inflate and gzip are compared with the scalar level alone"
    exit 0
fi
shift
D=$1
shift
export ASAN_OPTIONS=allocator_may_return_null=1:quarantine_size_mb=8:malloc_context_size=8
export UBSAN_OPTIONS=print_stacktrace=1
length() { # the longest input: short ones run fast
    case $1 in inflate) echo 2048 ;; header) echo 1200 ;; gzip | deflate) echo 8192 ;; *) echo 4096 ;; esac
}
one() {
    local t=$1 dict="" start=$SECONDS
    [ -s "$D/$t.dict" ] && dict="-dict=$D/$t.dict"
    "$D/fuzz_$t" -seed="${FUZZ_SEED:-0}" -max_total_time="$SECONDS_EACH" -timeout=10 -rss_limit_mb=256 \
        -max_len="$(length "$t")" -print_final_stats=1 -reload=0 -artifact_prefix="$D/$t-" $dict \
        "$D/corpus_$t" >"$D/$t.log" 2>&1
    echo $? >"$D/$t.rc"
    echo "$t libfuzzer $(runs "$t") $((SECONDS - start))" >>"$D/tally"
    [ "$MERGE" = 1 ] && [ "$(cat "$D/$t.rc")" = 0 ] && merge "$t"
}
runs() { sed -n 's/^stat::number_of_executed_units: *//p' "$D/$1.log" | grep . || echo 0; }
merge() { # only what reaches something new is kept
    rm -rf "$D/small_$1"
    mkdir "$D/small_$1"
    "$D/fuzz_$1" -merge=1 -rss_limit_mb=256 "$D/small_$1" "$D/corpus_$1" >"$D/$1.merge.log" 2>&1 &&
        rm -rf "$D/corpus_$1" && mv "$D/small_$1" "$D/corpus_$1"
}
afl() { # files as a program reads them: the seeds of load without their four bytes of options
    local in=$D/afl_in out=$D/afl_out f start=$SECONDS
    rm -rf "$in" "$out"
    mkdir -p "$in/files"
    "$D/seeds" "$in" load
    for f in "$in"/corpus_load/*; do tail -c +5 "$f" >"$in/files/${f##*/}"; done
    export AFL_NO_UI=1 AFL_SKIP_CPUFREQ=1 AFL_I_DONT_CARE_ABOUT_MISSING_CRASHES=1 AFL_NO_AFFINITY=1
    ASAN_OPTIONS=$ASAN_OPTIONS:abort_on_error=1:symbolize=0 afl-fuzz -i "$in/files" -o "$out" \
        -V "$SECONDS_EACH" -t 1000+ -m none -- "$D/afl" @@ >"$D/afl.log" 2>&1
    n=$(sed -n 's/^execs_done *: *//p' "$out/default/fuzzer_stats" 2>/dev/null)
    found=$(ls "$out"/default/crashes "$out"/default/hangs 2>/dev/null | grep -c '^id')
    echo "files afl++ ${n:-0} $((SECONDS - start))" >>"$D/tally"
    [ "${n:-0}" -gt 0 ] && [ "$found" = 0 ]
}

"$D/seeds" "$D" "$@" || exit 1
for t in "$@"; do
    while [ "$(jobs -rp | wc -l)" -ge "${JOBS:-2}" ]; do wait -n; done
    one "$t" &
done
wait
passed=0 failed=0
for t in "$@"; do
    total=$(awk -v t="$t" '$1 == t && $2 == "libfuzzer" { n += $3 } END { print n + 0 }' "$D/tally")
    if [ "$(cat "$D/$t.rc")" = 0 ]; then
        echo "$t: $(runs "$t") executions, no finding ($total in all)"
        passed=$((passed + 1))
    else
        echo "$t: FOUND SOMETHING after $(runs "$t") executions"
        grep -aE 'ERROR|SUMMARY|runtime error|Test unit written|^    #[0-9]' "$D/$t.log" | head -n 30
        found=$(sed -n 's/.*Test unit written to //p' "$D/$t.log" | head -n 1)
        [ -s "$found" ] && base64 "$found" # to be tried elsewhere
        failed=$((failed + 1))
    fi
done
if [ "$AFL" = 1 ]; then
    if afl; then
        echo "files, by AFL++: $n executions, no finding"
        passed=$((passed + 1))
    else
        echo "files, by AFL++: ${n:-0} executions, ${found:-?} findings; see $D/afl.log and $D/afl_out"
        failed=$((failed + 1))
    fi
fi
echo "$passed passed, $failed failed"
[ $failed = 0 ]
