#!/bin/bash
# cuda_programs.sh - profile_cuda, pipeline_cuda, cuda_arrays.py and bench_cuda.py on the emulation of GPUs: every
# row beside medvol.h, numpy or scipy; graphs, pictures, errors. Argument: the build folder.
B=$1
P=$B/cuda
D=$B/programs_cuda
rm -rf "$D"
mkdir -p "$D"
export TMPDIR=$D
. tests/ok.sh

# every row that is listed runs, is right and names its error; no speed is claimed
"$P/profile_cuda_cpu" --size 16 --graph > $D/rows 2> $D/err
ok $? "profile_cuda --size 16: $(cat $D/err) $(grep WRONG $D/rows | head -3)"
"$P/profile_cuda_cpu" --list > $D/list
rows=$(wc -l < $D/list)
[ "$(grep -cE ' (16|9)x16x[0-9x]+ ' $D/rows)" = $rows ] && [ $rows -gt 110 ]
ok $? "profile_cuda: $rows rows"
grep -q '^# emulated: times mean nothing' $D/rows && ! grep -qE 'GB/s|WRONG|[0-9] ms|share' $D/rows
ok $? "profile_cuda claims nothing"
[ -z "$(cut -c1-43 $D/list | sort | uniq -d)" ]
ok $? "profile_cuda: rows of one name: $(cut -c1-43 $D/list | sort | uniq -d | head -3)"
for s in $(cut -d' ' -f1 $D/list | uniq); do
    "$P/profile_cuda_cpu" --size 12,14 --json --only "^$s/" > $D/out 2> $D/err &&
        ! grep -qvE '^\{"section":"'$s'","op":"[^"]+","shape":"[0-9x]+","dtype":"[a-z0-9]+","apart":[^,]+,"allowed":[^,]+,"emulated":true\}$' $D/out &&
        [ "$(wc -l < $D/out)" = $((2 * $(grep -c "^$s " $D/list))) ]
    ok $? "profile_cuda --json --only ^$s/: $(cat $D/err)"
done
"$P/profile_cuda_cpu" --help | head -1 | grep -q '^profile_cuda \[--size'
ok $? "profile_cuda --help"
gives 2 "no such row" "$P/profile_cuda_cpu" --json --size 12 --only zzz
gives 2 "regular expression" "$P/profile_cuda_cpu" --only '('
gives 2 "--size" "$P/profile_cuda_cpu" --size 16,x
gives 2 "even numbers" "$P/profile_cuda_cpu" --size 16,17
gives 2 "device" "$P/profile_cuda_cpu" --size 12 --device 7
gives 2 "no such option" "$P/profile_cuda_cpu" --bogus

# two phantoms, the second by the first one's graph; their results again, and one of another shape
run() { "$P/pipeline_cuda_cpu" "$@" --check > $D/out 2> $D/err; }
run --folder $D --spacing 4 --shape 50,60,52 && [ "$(grep -c 'as medvol.h' $D/out)" = 2 ] &&
    grep -q '^phantom_1: 256 x 256 x 64 i16, captured' $D/out && grep -q '^phantom_2: .*replayed' $D/out &&
    gzip -t $D/phantom_1_gpu.nii.gz $D/phantom_2_gpu.nii.gz && head -c 4 $D/phantom_2_gpu.png | grep -q PNG
ok $? "pipeline_cuda: $(cat $D/err $D/out)"
a=$D/phantom_1_gpu.nii.gz b=$D/phantom_2_gpu.nii.gz
run $a $b $a --folder $D/. --spacing 3 --shape 64,64,64 && [ "$(grep -c replayed $D/out)" = 2 ]
ok $? "pipeline_cuda of its results: $(cat $D/err $D/out)"
run --folder $D --spacing 8 --shape 24,25,26 && mv $b $D/small.nii.gz
ok $? "pipeline_cuda, coarse: $(cat $D/err)"
run --folder $D --spacing 4 --shape 50,60,52
run $a $D/small.nii.gz $D/small.nii.gz $a --folder $D/. --spacing 5 --shape 40,40,40 &&
    sed 's/.*f32, \([a-z]*\),.*/\1/' $D/out | tr '\n' ' ' | grep -q ' captured captured replayed run $'
ok $? "pipeline_cuda of two shapes: $(cat $D/err $D/out)"
run $b $b --folder $D --no-graph --spacing 6 --shape 30,30,30 && ! grep -qE 'captured|replayed' $D/out
ok $? "pipeline_cuda --no-graph: $(cat $D/err $D/out)"
"$P/pipeline_cuda_cpu" $b --folder $D --spacing 6 --shape 30,30,30 --quiet > $D/out 2> $D/err &&
    [ ! -s $D/out ] && [ ! -s $D/err ]
ok $? "pipeline_cuda --quiet"
echo "no volume at all" > $D/text.nii
gives 2 "no such option" "$P/pipeline_cuda_cpu" --bogus
gives 2 "--shape" "$P/pipeline_cuda_cpu" --shape 1,2
mkdir $D/other && cp $D/small.nii.gz $D/other
gives 2 "both would be" "$P/pipeline_cuda_cpu" $D/small.nii.gz $D/other/small.nii.gz --folder $D
gives 2 "device" "$P/pipeline_cuda_cpu" --device 7
gives 3 "missing.nii" "$P/pipeline_cuda_cpu" $D/missing.nii
gives 4 "text.nii" "$P/pipeline_cuda_cpu" $D/text.nii
gives 5 "none/phantom_1" "$P/pipeline_cuda_cpu" --folder $D/none --spacing 8 --shape 9,9,9 --quiet
[ -z "$(find $D -name '*mvtmp*')" ]
ok $? "nothing is left behind"

# Python: its last line counts
python() {
    local line
    "$PYTHON" "$@" > $D/out 2>&1
    ok $? "$*: $(tail -5 $D/out)"
    line=$(grep -oE '[0-9]+ passed, [0-9]+ failed' $D/out | tail -1)
    passed=$((passed + $(echo "${line:-0}" | grep -oE '^[0-9]+')))
}
python tests/cuda_arrays_test.py "$B/libmedvol_cuda_emulated.so"
if "$PYTHON" -c 'import scipy.ndimage' 2> /dev/null; then python bench/bench_cuda.py --smoke
else echo "bench_cuda.py: left out, $PYTHON has no numpy or no scipy"; fi

echo "programs of medvol_cuda.h: $passed passed, $failed failed"
[ $failed = 0 ]
