#!/bin/bash
# programs.sh - the programs as a user meets them: results checked at every level, JSON lines, exit codes,
# error lines, Ctrl-C, the progress bar. ALONE=1 also builds each program with its one cc line.
P=build/examples
D=build/programs
rm -rf $D
mkdir -p $D
export TMPDIR=$D
. tests/ok.sh

# every profiler checks its result; every row has every key
keys='"op":"[^"]*","shape":"[^"]*","dtype":"[^"]*","threads":[0-9]*,"level":[0-9]*,'
keys=$keys'"mean_ms":[^,]*,"median_ms":[^,]*,"min_ms":[^,]*,"MB/s":[^,]*,"n":[0-9]*'
for op in z_norm rescale crop_pad flip permute resample linalg fft coils espirit grappa sense nufft dcf cs warp affine lncc bspline \
    demons flow correlation chi2 angle_filter compose_layers transport load save cache loader; do
    for level in 1 2 3 4; do
        $P/profile_$op 17 2 --level $level --threads 2 --json > $D/out 2> $D/err &&
            ! grep -qv "^{$keys.*}\$" $D/out && [ -s $D/out ]
        ok $? "profile_$op --level $level: $(tail -1 $D/err)"
    done
    $P/profile_$op --help | head -1 | grep -q "^profile_$op \[SIZE=256\] \[ITERATIONS=20\]"
    ok $? "profile_$op --help"
done
$P/profile_flip 9 2 --level 1 --threads 1 | awk 'NR == 2 { exit !($1 == "op" && $9 == "MB/s") }'
ok $? "the table's head"

# a scan in, a volume and a picture out
$P/preprocess --out $D/phantom --quiet > $D/out 2> $D/err && [ ! -s $D/out ] && [ ! -s $D/err ] &&
    [ -s $D/phantom.nii.gz ] && head -c 4 $D/phantom.png | grep -q PNG && gzip -t $D/phantom.nii.gz
ok $? "preprocess: $(cat $D/err)"
$P/preprocess $D/phantom.nii.gz --out $D/again --spacing 2 --shape 64,64,64 --interp cubic > $D/out &&
    grep -q '64 x 64 x 64 f32, 2 x 2 x 2 mm, RAS' $D/out
ok $? "preprocess of its own output"
for op in z_norm rescale crop_pad flip permute resample linalg fft coils espirit grappa sense nufft dcf cs warp affine lncc bspline \
    demons flow correlation chi2 angle_filter compose_layers transport load save cache loader; do
    $P/profile_$op 8 1 --input $D/again.nii.gz > $D/out 2> $D/err
    ok $? "profile_$op --input: $(tail -1 $D/err)"
done

echo "no volume at all" | tee $D/text.nii > $D/text.pgm
# k-space: each method; a series larger than the memory there may be is each of its frames
for m in cg "sense --accel 2" grappa rss "cg --maps walsh" "cg --maps inati" "cg --maps lowres"; do
    $P/recon --method $m --iterations 10 --quiet --out $D/image && [ -s $D/image.png ]
    ok $? "recon --method $m"
done
voxels() { gzip -dc $1 | tail -c +353; }
$P/recon --iterations 3 --quiet --threads 1 --save-kspace $D/frame.cfl --out $D/frame &&
    sed 's/^256 256 1 8.*/256 256 1 8 40/' $D/frame.hdr > $D/series.hdr
ok $? "a series"
for i in $(seq 40); do cat $D/frame.cfl; done > $D/series.cfl
(ulimit -v 120000 && $P/recon $D/series.cfl --iterations 3 --quiet --threads 1 --out $D/series)
ok $? "$(($(wc -c < $D/series.cfl) / 1000)) kB of k-space within 120000 kB of addresses"
voxels $D/frame.nii.gz > $D/one
for i in $(seq 40); do cat $D/one; done | cmp - <(voxels $D/series.nii.gz)
ok $? "the series is its frames"
rm -f $D/series.cfl
$P/recon $D/frame.cfl --iterations 3 --quiet --unring --out $D/unrung &&
    [ "$(voxels $D/unrung.nii.gz | wc -c)" = "$(wc -c < $D/one)" ] &&
    ! cmp -s $D/one <(voxels $D/unrung.nii.gz)
ok $? "recon --unring"
# the same samples as a stream of acquisitions, a line of all coils each; first one of noise
zeros() { head -c $1 /dev/zero; }
acquisition() { # FLAGS LINE; flags: byte 2 of eight
    printf '\xf0\x03\x01\x00'; zeros 2; printf "\\x$1"; zeros 29 # 1008, version
    printf '\x00\x01\x08\x00\x08\x00'; zeros 132; printf '\x80\x00' # samples, coils; the centre
    zeros 68; printf "\\x$(printf %02x $2)\\x00"; zeros 96
    cat $(printf "$D/line.%04d " $(seq $2 256 2047))
}
split -b 2048 -a 4 -d $D/frame.cfl $D/line.
xml='<a><encodedSpace><matrixSize><x>256</x><y>256</y><z>1</z></matrixSize></encodedSpace></a>'
{
    printf "\\x03\\x00\\x$(printf %02x ${#xml})\\x00\\x00\\x00%s" "$xml"
    acquisition 04 128
    for y in $(seq 0 255); do acquisition 00 $y; done
    printf '\x04\x00'
} > $D/scan.mrd
rm -f $D/line.*
$P/recon $D/scan.mrd --iterations 3 --quiet --threads 1 --out $D/scan
cmp $D/one <(voxels $D/scan.nii.gz)
ok $? "recon of a stream"
head -c 100000 $D/scan.mrd > $D/short.mrd
gives 4 "short.mrd" $P/recon $D/short.mrd
gives 2 "one coil" $P/recon $D/phantom.nii.gz
gives 3 "missing.cfl" $P/recon $D/missing.cfl
gives 4 "text.nii" $P/recon $D/text.nii

# spokes: each way to delays, densities and maps; delays that are found; files of BART's; a series
err() { sed -n "s/^$1  *[0-9.]*  *\([0-9.]*\)\$/\1/p" $D/out; } # the error of a method, in per cent
few="--size 96 --spokes 24 --iterations 12 --l1-iterations 25"
for o in "" "--estimate opposed --density radial" "--estimate none --delay 0 --density voronoi --maps lowres" \
    "--density pipe --maps walsh" "--level 1 --threads 1"; do
    $P/radial $few $o --out $D/spokes > $D/out 2> $D/err && head -c 4 $D/spokes.png | grep -q PNG &&
        gzip -t $D/spokes_gridding.nii.gz $D/spokes_cg.nii.gz $D/spokes_l1.nii.gz &&
        echo $(err uncorrected) $(err gridding) $(err CG-SENSE) $(err "l1 wavelet") |
        awk '{ ok = NF == 4 && $2 <= $1 + 1 && $3 < $2 && $4 < $2 } END { exit !ok }'
    ok $? "radial $o: $(cat $D/err) $(err uncorrected) $(err gridding) $(err CG-SENSE) $(err "l1 wavelet")"
done
$P/radial $few --out $D/spokes --delay 0.7,-0.5,0.3 --noise 0 > $D/out &&
    sed -n 's/.*: x \(.*\), y \(.*\), xy \(.*\); made.*/\1 \2 \3/p' $D/out |
    awk 'function near(a, b) { return a > b - 0.03 && a < b + 0.03 }
        { ok = near($1, 0.7) && near($2, -0.5) && near($3, 0.3) } END { exit !ok }'
ok $? "radial: delays found: $(grep delays $D/out)"
$P/radial $few $D/again.nii.gz --out $D/spokes > $D/out && grep -q '^l1 wavelet' $D/out
ok $? "radial of a volume"
$P/radial $few --series 12 --threads 1 --quiet --save-data $D/s --out $D/made > $D/out 2> $D/err &&
    [ ! -s $D/out ] && [ ! -s $D/err ] && [ -s $D/made.png ] &&
    (ulimit -v 60000 &&
        $P/radial $D/s-traj.cfl $D/s-data.cfl $few --series 12 --threads 1 --quiet --out $D/read)
ok $? "radial --series: $(wc -c < $D/s-data.cfl) bytes of samples, read again: $(cat $D/err)"
[ "$(voxels $D/read.nii.gz | wc -c)" = $((96 * 96 * 12 * 4)) ]
ok $? "radial: frames of a file"
gives 2 "one to three numbers" $P/radial --delay 1,2,x
gives 2 "no such choice" $P/radial --estimate luck
[ "$(gzip -dc $D/spokes_cg.nii.gz | od -An -tf4 -j80 -N8 | xargs)" = "2 2" ]
ok $? "radial: the images lie where the volume's plane does"
gives 2 "of a phantom or of two files" $P/radial $D/again.nii.gz --series 3
gives 2 "must be even" $P/radial --size 17
gives 2 "must be a whole number" $P/radial --spokes 20.5
gives 3 "missing.cfl" $P/radial $D/missing.cfl $D/s-data.cfl
gives 4 "not 3 x samples" $P/radial $D/s-data.cfl $D/s-data.cfl
gives 4 "samples x" $P/radial $D/s-traj.cfl $D/frame.cfl
gives 4 "text.nii" $P/radial $D/text.nii
gives 5 "none/x" $P/radial $few --out $D/none/x
$P/radial --help | head -1 | grep -q '^radial \[VOLUME'
ok $? "radial --help"
rm -f $D/s-data.cfl

# registration: a volume beside a bent copy of itself; what is written can be read; pictures, colours too
for m in "lncc --preset fast" syn velocity "bspline --preset accurate" demons "affine --metric mi" "rigid --metric ssd --symmetric" "translation --search 0"; do
    $P/register $D/phantom.nii.gz --method $m --quiet --out $D/reg 2> $D/err ||
        { [[ $m =~ ^(affine|rigid|translation) ]] && grep -q "transform is found" $D/err; }
    ok $? "register --method $m: $(cat $D/err)"
done
$P/register $D/reg_warped.nii.gz $D/reg_warped.nii.gz --labels $D/reg_warped.nii.gz --out $D/same > $D/out &&
    grep -q 'sd of its logarithm 0.000, 0 voxels fold' $D/out && [ -s $D/same_labels.nii.gz ]
ok $? "register: an image onto itself"
picture() { # COLOURS: a disc about 40, $2 as binary PGM or PPM
    printf "P$([ $1 = 3 ] && echo 6 || echo 5)\n# a disc\n64 48\n255\n"
    awk -v c=$1 -v x0=$2 'BEGIN { for (y = 0; y < 48; y++) for (x = 0; x < 64; x++) for (k = 0; k < c; k++)
        printf "%c", 40 + 80 * exp(-((x - x0) ^ 2 + (y - 24) ^ 2) / 120) + x % 8 }' | LC_ALL=C cat
}
for c in 1 3; do
    LC_ALL=C picture $c 36 > $D/fixed.pgm && LC_ALL=C picture $c 30 > $D/moving.pgm
    $P/register $D/fixed.pgm $D/moving.pgm --method affine --quiet --out $D/disc &&
        $P/register $D/disc_warped.png $D/disc_warped.png --method rigid --quiet --out $D/twice
    ok $? "register of pictures with $c channels, PNG read again"
done
gives 4 "text.pgm" $P/register $D/text.pgm $D/fixed.pgm
gives 3 "missing.png" $P/register $D/missing.png $D/fixed.pgm
mkdir $D/folder.png
gives 3 "folder.png" $P/register $D/folder.png $D/fixed.pgm
gives 3 "missing.nii" $P/register $D/again.nii.gz $D/again.nii.gz --labels $D/missing.nii --quiet --out $D/none/x
gives 2 "--labels is missing" $P/register $D/again.nii.gz $D/again.nii.gz --fixed-labels $D/again.nii.gz
# bytes that stand for other numbers, 0.01 apart: what is warped is no whole number
{
    printf '\x5c\x01\x00\x00'; zeros 36; printf '\x03\x00\x18\x00\x14\x00\x10\x00'; zeros 22
    printf '\x02\x00\x08\x00'; zeros 2; printf '\x00\x00\x80\x3f%.0s' 1 2 3 4 5 6 7 8
    printf '\x00\x00\xb0\x43\x0a\xd7\x23\x3c'; zeros 228; printf 'n+1\x00'; zeros 4
    LC_ALL=C awk 'BEGIN { for (z = 0; z < 16; z++) for (y = 0; y < 20; y++) for (x = 0; x < 24; x++)
        printf "%c", 40 + 80 * exp(-((x - 12) ^ 2 + (y - 9) ^ 2 + (z - 8) ^ 2) / 60) }'
} > $D/scaled.nii
{ # one of its columns
    head -c 42 $D/scaled.nii; printf '\x01\x00\x01\x00'; head -c 352 $D/scaled.nii | tail -c +47; head -c 16 $D/scaled.nii
} > $D/column.nii
$P/register $D/scaled.nii $D/scaled.nii --method translation --quiet --out $D/scaled 2> $D/err &&
    [ "$(gzip -dc $D/scaled_warped.nii.gz | od -An -tu2 -j70 -N2 | xargs)" = 16 ]
ok $? "register of scaled bytes: floats: $(cat $D/err)"
gives 9 "at least 2" $P/register $D/column.nii $D/column.nii

# protons: R80 within 0.3 mm at every level; files
for level in 1 2 3 4; do
    for beam in 70:40.8 150:157.8; do
        $P/transport --energy ${beam%:*} --level $level --out $D/beam > $D/out &&
            sed -n 's/.*R80 \([0-9.]*\).*/\1/p' $D/out |
            awk -v w=${beam#*:} '{ ok = $1 > w - 0.3 && $1 < w + 0.3 } END { exit !ok }' &&
            grep -q 'not for clinical use' $D/out && gzip -t $D/beam.nii.gz &&
            head -c 4 $D/beam.png | grep -q PNG
        ok $? "transport --energy ${beam%:*} --level $level"
    done
done
head -1 $D/beam.csv | grep -q '^depth_mm,dose_MeV_per_mm,sigma_mm$' && [ "$(wc -l < $D/beam.csv)" = 177 ]
ok $? "transport: the curve"
# volumes: a box of water, then an image of all but 0; nuclear losses have their line
$P/transport --volume --nuclear --spots 2,6 --dx 2 --dz 2 --out $D/box > $D/out &&
    sed -n 's/.*R80 \([0-9.]*\).*/\1/p' $D/out |
    awk '{ ok = $1 > 40.2 && $1 < 41.4 } END { exit !ok }' && grep -q '^nuclear  *0.0[34]' $D/out &&
    gzip -t $D/box.nii.gz && head -c 4 $D/box.png | grep -q PNG
ok $? "transport --volume --nuclear"
$P/transport --volume --ct $D/again.nii.gz --gray --out $D/box > $D/out &&
    sed -n 's/.*R80 \([0-9.]*\).*/\1/p' $D/out |
    awk '{ ok = $1 > 39.8 && $1 < 41.8 } END { exit !ok }' && head -1 $D/box.csv | grep -q Gy_mm2
ok $? "transport --volume --ct"
gives 2 "--energy" $P/transport --energy 70,0
gives 2 "--spots" $P/transport --spots 5
gives 2 "--plane" $P/transport --plane 3
gives 2 "--plane" $P/transport --ct $D/again.nii.gz --plane 3 --volume
mkdir $D/kept.csv
gives 5 "kept.csv" $P/transport --energy 20 --out $D/kept
[ -z "$(find $D -name '*.part')" ]
ok $? "transport: no half of a curve"
gives 3 "missing.nii" $P/transport --ct $D/missing.nii
gives 4 "text.nii" $P/transport --ct $D/text.nii
gives 5 "none/x" $P/transport --out $D/none/x

# without --out: the input's name without folders and endings, here
cp $D/again.nii.gz $D/a.t1.nii.gz
(p=$PWD/$P && cd $D && $p/preprocess ./a.t1.nii.gz --shape 9,9,9 --quiet && $p/recon ../programs/frame.cfl --iterations 3 --quiet)
ok $? "names of results, made"
[ -s $D/a.t1_pre.nii.gz ] && [ -s $D/a.t1_pre.png ] && [ -s $D/frame_recon.nii.gz ] && [ -s $D/frame_recon.png ]
ok $? "names of results"

# errors: one line that names the file, and the code
head -c 2000 $D/phantom.nii.gz > $D/short.nii.gz
gives 2 "no such option" $P/preprocess --bogus
gives 2 "a value must follow" $P/preprocess --out --quiet $D/again.nii.gz
gives 2 "a value must follow" $P/preprocess $D/again.nii.gz --out --threads 1
gives 2 "must be 1..990 bytes" $P/preprocess --out ""
gives 2 "must be 1..990 bytes" $P/preprocess --out $D/$(printf './%.0s' $(seq 600))x
gives 2 "must be a whole number" $P/preprocess --threads 1.5
gives 2 "must be a whole number" $P/profile_flip 8.5
gives 5 "longer than the system takes" $P/preprocess --shape 9,9,9 --quiet --out $D/$(printf 'x%.0s' $(seq 300))
$P/preprocess $D/again.nii.gz --shape 9,9,9 --quiet --quiet -q --out $D/twice > $D/out 2> $D/err &&
    [ ! -s $D/out ] && [ ! -s $D/err ] && [ -s $D/twice.nii.gz ]
ok $? "an option twice: $(cat $D/err)"
if [ -w /dev/full ]; then
    for c in "preprocess --help" "profile_flip 8 1 --no-floor" "preprocess $D/again.nii.gz --shape 9,9,9 --out $D/twice"; do
        $P/$c > /dev/full 2> $D/err
        [ $? = 5 ] && grep -q "standard output" $D/err
        ok $? "$c, nowhere to say it: $(cat $D/err)"
    done
fi
for op in permute crop_pad warp; do # of a column, and of a plane
    $P/profile_$op 8 1 --no-floor --input $D/column.nii > $D/out 2> $D/err || [ $op = warp ]
    ok $? "profile_$op of one column: $(cat $D/err)"
done
gives 2 "--level" $P/profile_flip --level 9
gives 2 "SIZE" $P/profile_flip many
gives 2 "a value must follow" $P/profile_flip --threads
gives 2 "--shape" $P/preprocess --shape 1,2
gives 3 "missing.nii" $P/preprocess $D/missing.nii
gives 4 "text.nii" $P/preprocess $D/text.nii
gives 4 "short.nii.gz" $P/preprocess $D/short.nii.gz
gives 5 "none/x" $P/preprocess --out $D/none/x
[ -z "$(find $D -name '*mvtmp*')" ]
ok $? "nothing is left behind"

# Ctrl-C through the callback: code 130, no output
$P/preprocess --spacing 0.4 --interp cubic --level 1 --threads 1 --out $D/stopped > /dev/null 2> $D/err &
sleep 0.1
kill -INT $!
wait $!
[ $? = 130 ] && [ ! -e $D/stopped.nii.gz ]
ok $? "Ctrl-C: $(cat $D/err)"

# and the temporary files of a profiler go
$P/profile_load 96 4000 --no-floor --threads 1 > /dev/null 2> $D/err &
sleep 1
kill -INT $!
wait $!
[ $? = 130 ] && [ -z "$(find $D -name 'medvol-*')" ]
ok $? "Ctrl-C of a profiler: $(cat $D/err) $(find $D -name 'medvol-*')"

# the bar on a terminal: drawn, at most ten a second, wrap restored and the line erased at the end
if command -v script > /dev/null; then
    TERM=xterm LC_ALL=C.UTF-8 script -qec "$P/preprocess --spacing 0.45 --shape 300,300,300 --interp cubic \
        --level 1 --threads 1 --out $D/bar" $D/tty > /dev/null 2>&1
    n=$(grep -o $'\r\x1b\\[?7l' $D/tty | wc -l)
    back=$(grep -o $'\x1b\\[K\x1b\\[?7h' $D/tty | wc -l)
    [ "$n" -ge 1 ] && { [ "$n" = "$back" ] || [ "$((n + 1))" = "$back" ]; } && grep -q '▕' $D/tty
    ok $? "the progress bar ($n drawn)"
    grep -q '38;2;' $D/tty
    ok $? "the picture in the terminal"
fi

if [ -n "$ALONE" ]; then
    for f in examples/*.c; do
        $(sed -n 's/^   Build:  cc /'"${CC:-cc}"' /p' $f | sed "s|-o .*|-o $D/alone|") && [ -x $D/alone ]
        ok $? "$f builds alone"
        rm -f $D/alone
    done
fi
echo "programs: $passed passed, $failed failed"
[ $failed = 0 ]
