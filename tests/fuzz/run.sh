#!/bin/bash
# run.sh DIR TARGET... - runs the fuzzers DIR/fuzz_TARGET on DIR/corpus_TARGET, SECONDS_EACH long, JOBS at a
# time.
# FUZZ_SEED makes a run repeatable (0: a new one each time).
D=$1
shift
export ASAN_OPTIONS=allocator_may_return_null=1 UBSAN_OPTIONS=print_stacktrace=1
one() {
    local t=$1 log=$D/$1.log dict=""
    [ -s "$D/$t.dict" ] && dict="-dict=$D/$t.dict"
    "$D/fuzz_$t" -seed="${FUZZ_SEED:-0}" -max_total_time="$SECONDS_EACH" -timeout=10 -rss_limit_mb=1024 \
        -max_len=16384 -print_final_stats=1 -artifact_prefix="$D/$t-" $dict "$D/corpus_$t" >"$log" 2>&1
    echo $? >"$D/$t.rc"
}
for t in "$@"; do
    mkdir -p "$D/corpus_$t"
    while [ "$(jobs -rp | wc -l)" -ge "${JOBS:-2}" ]; do wait -n; done
    one "$t" &
done
wait
passed=0 failed=0
for t in "$@"; do
    runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$D/$t.log")
    if [ "$(cat "$D/$t.rc")" = 0 ]; then
        echo "$t: ${runs:-0} executions, no finding"
        passed=$((passed + 1))
    else
        echo "$t: FOUND SOMETHING after ${runs:-?} executions"
        grep -aE 'ERROR|SUMMARY|runtime error|Test unit written|^    #[0-9]' "$D/$t.log" | head -n 30
        failed=$((failed + 1))
    fi
done
echo "$passed passed, $failed failed"
[ $failed = 0 ]
