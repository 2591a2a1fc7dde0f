#!/bin/sh
# size.sh - bytes of code (text and constants), data and bss of the header as firmware: the core, then what
# each section adds to it.
# Environment: CC, SIZE, FLAGS, QUICK (not empty: the core and all alone).
B=build/size
mkdir -p $B
build() { # name, flags
    printf '#define MEDVOL_IMPLEMENTATION\n#include "medvol.h"\n' |
        $CC $FLAGS $2 -I. -x c -c - -o $B/$1.o || exit 1
    $SIZE $B/$1.o | tail -n 1
}
row() { printf '%-12s %8s %6s %6s\n' "$@"; }
NONE="-DMEDVOL_NO_GZIP -DMEDVOL_NO_IO -DMEDVOL_NO_INTENSITY -DMEDVOL_NO_SPATIAL -DMEDVOL_NO_RESAMPLE \
-DMEDVOL_NO_LINALG -DMEDVOL_NO_FFT -DMEDVOL_NO_KSPACE -DMEDVOL_NO_COILS -DMEDVOL_NO_GRAPPA -DMEDVOL_NO_SENSE \
-DMEDVOL_NO_TRAJECTORY -DMEDVOL_NO_NUFFT -DMEDVOL_NO_ITERATE \
-DMEDVOL_NO_FILTER -DMEDVOL_NO_FIELD -DMEDVOL_NO_MEASURE -DMEDVOL_NO_STATS -DMEDVOL_NO_REGISTER -DMEDVOL_NO_FLOW \
-DMEDVOL_NO_NEAREST -DMEDVOL_NO_LANDMARK -DMEDVOL_NO_LAYER -DMEDVOL_NO_CACHE \
-DMEDVOL_NO_TRANSPORT"
row section code data bss
set -- $(build core "$NONE")
core=$1
row core $1 $2 $3
sections="GZIP IO INTENSITY SPATIAL RESAMPLE LINALG FFT KSPACE COILS GRAPPA SENSE TRAJECTORY NUFFT ITERATE FILTER FIELD MEASURE STATS REGISTER FLOW NEAREST LANDMARK LAYER CACHE TRANSPORT"
[ "$QUICK" ] && sections=
for s in $sections; do
    flags=$(echo "$NONE" | sed "s/-DMEDVOL_NO_$s//")
    base=$core
    case $s in
    IO) flags=$(echo "$flags" | sed "s/-DMEDVOL_NO_GZIP//"); base=$gzip ;;
    KSPACE | COILS | GRAPPA | SENSE | TRAJECTORY | NUFFT | ITERATE) # with what they need
        flags=$(echo "$flags" | sed "s/-DMEDVOL_NO_LINALG//; s/-DMEDVOL_NO_FFT//"); base=$((linalg + fft - core)) ;;
    FIELD) flags=$(echo "$flags" | sed "s/-DMEDVOL_NO_RESAMPLE//"); base=$resample ;;
    REGISTER)
        flags=$(echo "$flags" | sed -E "s/-DMEDVOL_NO_(LINALG|FILTER|FIELD|RESAMPLE)//g")
        base=$((linalg + filter + field - 2 * core)) ;;
    FLOW | LANDMARK)
        flags=$(echo "$flags" | sed -E "s/-DMEDVOL_NO_(LINALG|FILTER|FIELD|RESAMPLE|REGISTER)//g")
        base=$register ;;
    CACHE) flags=$(echo "$flags" | sed "s/-DMEDVOL_NO_GZIP//"); base=$gzip ;; # without loads
    LAYER)
        flags=$(echo "$flags" | sed -E "s/-DMEDVOL_NO_(FIELD|RESAMPLE)//g")
        base=$field ;;
    esac
    set -- $(build $s "$flags")
    case $s in
    GZIP) gzip=$1 ;; RESAMPLE) resample=$1 ;; LINALG) linalg=$1 ;; FFT) fft=$1 ;; FILTER) filter=$1 ;; FIELD) field=$1 ;;
    REGISTER) register=$1 ;;
    esac
    row "+ $(echo $s | tr A-Z a-z)" $(($1 - base)) $2 $3
done
set -- $(build all "")
row all $1 $2 $3
[ "$2" = 0 ] && [ "$3" -le 8 ] || { echo "size: data and bss should hold the level word only"; exit 1; }
