#!/bin/bash
# run.sh - the programs FOLDER/TABLE/all.elf in qemu's Cortex-M7 board, JOBS at a time; what they say, the sum of
# their cases, and 1 when a case failed or a program ended before its last line.
# usage: run.sh FOLDER TABLE...
set -u
folder=$1
shift
export up="$(echo "$folder/x" | sed 's,[^/]*,..,g')/" ARGS="${ARGS-}"
run() { # the program's folder; its output and exit code go to files there
    cd "$1" || exit 1
    local arg words="arg=$up,arg=$(basename "$1")/,arg=--threads,arg=1"
    for arg in $ARGS; do words+=",arg=$arg"; done
    timeout 1800 qemu-system-arm -machine mps2-an500 -display none -monitor none -serial none -parallel none \
        -semihosting-config "enable=on,target=native,$words" -kernel all.elf >log 2>&1
    echo $? >status
}
export -f run
printf "$folder/%s\n" "$@" | xargs -P "${JOBS:-1}" -I {} bash -c 'run {}'

passed=0 failed=0 skipped=0
for table; do
    log=$folder/$table/log status=$(cat "$folder/$table/status")
    set -- $(grep -aE '^[0-9]+ passed, [0-9]+ failed' "$log" | tr -d ,)
    grep -avE '^[0-9]+ passed, [0-9]+ failed' "$log"
    if [ $# -lt 4 ]; then
        echo "$table: ended before its last case (exit code $status; ARGS=--times shows where)"
        failed=$((failed + 1))
    elif [ "$status" != 0 ] && [ "$3" = 0 ]; then
        echo "$table: exit code $status"
        failed=$((failed + 1))
    fi
    passed=$((passed + ${1:-0})) failed=$((failed + ${3:-0})) skipped=$((skipped + ${5:-0}))
done
echo "$passed passed, $failed failed, $skipped skipped"
[ $failed = 0 ] && [ $passed -gt 0 ]
