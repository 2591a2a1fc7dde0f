# guard.sh - runs the guard cases on an object that counts, and names each kernel of a level that never ran:
# guard.sh FOLDER. A kernel is a function of a pass; mv__v_ belongs to the vocabulary, which has tests of its own.
set -e
cd "$(dirname "$0")/.."
rm -f "$1/medvol.gcda"
GUARD=0 "$1/all" guard/ --threads 1 > "$1/out.txt" || { cat "$1/out.txt"; exit 1; }
cat "$1/out.txt"
gcov --json-format --stdout "$1/medvol.gcda" | tr '{' '\n' > "$1/functions.txt"
awk '
FNR == NR { if (/^guard: level/) ran[$3 + 0] = 1; next }
/"execution_count"/ && match($0, /"name": "mv__[a-z0-9_]+_(scalar|v128|avx2|avx512)"/) {
    name = substr($0, RSTART + 9, RLENGTH - 10)
    if (name ~ /^mv__v_/) next
    level = name ~ /_scalar$/ ? 1 : name ~ /_v128$/ ? 2 : name ~ /_avx2$/ ? 3 : 4
    if (!ran[level]) { left[level]++; next }
    kernels++
    if (/"execution_count": [1-9]/) run++
    else print "guard: never ran: " name
}
END {
    for (level in left) print "guard: level " level " is beyond this CPU: " left[level] " kernels not looked at"
    print "guard: " kernels " kernels, " run + 0 " run"
    exit !kernels || run != kernels
}' "$1/out.txt" "$1/functions.txt"
