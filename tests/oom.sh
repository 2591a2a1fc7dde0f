# oom.sh - oom.sh PROGRAM: runs the cases of test_oom.c (built without optimisation, with -DOOM_SITES), then
# wants each place where the header asks for memory, a thread, a lock or a map to have been refused: what the
# program says was refused against every such call in its code.
program=$1
refusable='malloc|mmap64|pthread_(create|[a-z]+_init)'
for tool in objdump addr2line; do
    command -v $tool >/dev/null || { echo "oom: $tool is not installed (binutils)"; exit 9; }
done
dir=$(dirname "$program")
"$program" >"$dir/out" || { grep -v '^refused at' "$dir/out"; exit 1; }
sed -n 's/^refused at 0x0*//p' "$dir/out" | sort -u >"$dir/refused"

# a call returns to the instruction after it; functions of the header are those named mv_
objdump -d --no-show-raw-insn "$program" | awk -v call="(call|bl) .*<(mv__alloc|__wrap_($refusable))>" '
    /^[0-9a-f]+ <.*>:$/ { header = $2 ~ /^<mv_/; kernel = $2 ~ /_(scalar|sse2|neon|avx2|avx512)>/; next }
    asked { sub(/:/, "", $1); print $1; asked = 0 }
    header && $0 ~ call {
        asked = 1
        if (kernel) print "a kernel allocates: " $0 >"/dev/stderr"
        bad += kernel
    }
    END { exit bad > 0 }' >"$dir/places" || exit 1
sort -u "$dir/places" >"$dir/sites"
never=$(comm -23 "$dir/sites" "$dir/refused")
# nothing else may ask: no other function of the system, and mem_alloc only where mv__alloc calls it
others=$(nm -u "$dir/medvol.o" | awk '{ print $2 }' | grep -vxE "$refusable" |
    grep -E 'alloc|memalign|mmap|dup|fopen|fdopen|opendir|printf|_init$|_create$')
direct=$(grep -c 'mem_alloc(' medvol.h)
for at in $never; do echo "never refused: $(addr2line -f -s -e "$program" "0x$at" | tr '\n' ' ')"; done
[ -n "$others" ] && echo "never refused: $others"
[ "$direct" = 1 ] || echo "mem_alloc is called in $direct places of medvol.h: 1 expected"
sed '/^refused at/d' "$dir/out"
echo "$(wc -l <"$dir/sites") allocation sites, $(comm -12 "$dir/sites" "$dir/refused" | wc -l) refused"
[ -s "$dir/sites" ] && [ -z "$never$others" ] && [ "$direct" = 1 ]
