#!/bin/bash
# run.sh BUILD - the peers' checks that can run here, short: zlib and libdeflate, nibabel, scipy, NumPy,
# SimpleITK (PYTHON=build/venv-registration/bin/python has it) and the headers of ISMRMRD. ARRAYS="FOLDER ...":
# and the .npy and .cfl files there. The last line counts them.
B=$1
PYTHON=${PYTHON:-python3}
D=$B/peers
mkdir -p "$D"
passed=0 failed=0
check() { # check NAME COMMAND...
    local name=$1
    shift
    if "$@" >"$D/$name.log" 2>&1; then
        echo "ok      $name: $(tail -n 1 "$D/$name.log")"
        passed=$((passed + 1))
    else
        echo "FAILED  $name"
        tail -n 15 "$D/$name.log"
        failed=$((failed + 1))
    fi
}
tool() { rm -f "$D/$1"; ${CC:-cc} -O1 -I. $ISMRMRD "tests/peers/$1.c" "$B/medvol.o" -lm -lpthread -o "$D/$1"; }
check gzip "$B/gzip_peers" "${STREAMS:-100000}"
if [ -x "$B/lz4_peer" ]; then check lz4 "$B/lz4_peer"; else echo "liblz4 is not installed: left out"; fi
if "$PYTHON" -c 'import nibabel, scipy' 2>/dev/null; then
    tool convert_tool; check nibabel "$PYTHON" tests/peers/check_nibabel.py "$D/convert_tool"
    tool resample_tool; check resample "$PYTHON" tests/peers/check_resample.py "$D/resample_tool" 64
    preprocess() {
        "$B/examples/preprocess" --out "$D/phantom" --quiet --shape 64,72,60 --spacing 3 &&
            "$B/examples/preprocess" "$D/phantom.nii.gz" --out "$D/again" --quiet --shape 70,64,66 \
                --spacing 2.5 &&
            "$PYTHON" tests/peers/preprocess.py "$D/phantom.nii.gz" "$D/again.nii.gz" 2.5 70,64,66
    }
    check preprocess preprocess
else
    echo "nibabel or scipy is not installed for $PYTHON: left out"
fi
if "$PYTHON" -c 'import numpy, SimpleITK' 2>/dev/null; then
    check simpleitk "$PYTHON" tests/peers/check_simpleitk.py
else
    echo "SimpleITK is not installed for $PYTHON: left out"
fi
if "$PYTHON" -c 'import numpy' 2>/dev/null; then
    tool arrays_tool; check arrays "$PYTHON" tests/peers/check_arrays.py "$D/arrays_tool" "$D" $ARRAYS
else
    echo "numpy is not installed for $PYTHON: left out"
fi
if echo '#include <ismrmrd/waveform.h>' | ${CC:-cc} -E $ISMRMRD - >/dev/null 2>&1; then
    tool mrd_peer; check mrd "$D/mrd_peer"
else
    echo "ismrmrd/ismrmrd.h (libismrmrd-dev) is not installed: left out"
fi
echo "$passed passed, $failed failed"
[ $failed = 0 ]
