# ok.sh - for programs.sh and cuda_programs.sh: counts of what is right; D is a folder for what programs say.
passed=0 failed=0
ok() { # ok STATUS WHAT: in this order, for a command in WHAT sets $? anew
    if [ "$1" = 0 ]; then passed=$((passed + 1)); return; fi
    failed=$((failed + 1))
    echo "$(basename "$0"): failed: $2"
}
gives() { # gives CODE WORDS COMMAND...: exit code, and one line on stderr with those words
    local want=$1 words=$2 got
    shift 2
    "$@" > $D/out 2> $D/err
    got=$?
    [ $got = "$want" ] && head -1 $D/err | grep -q -- "$words" && ! grep -q $'\x1b' $D/err $D/out
    ok $? "$* (code $got, want $want: $(head -1 $D/err))"
}
