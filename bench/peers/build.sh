#!/usr/bin/env bash
# build.sh CC CXX FOLDER - the peers that this machine has, as objects in FOLDER; FOLDER/peers.h names them,
# X(zlib) X(isal) ..., and FOLDER/libs is what to link. CFLAGS is heeded and has to lead to api.h.
# The first comment of a peer says what it takes, a line each, the flags in words for this shell:
#   needs: HEADER, cflags: FLAGS, libs: FLAGS
# One whose header is not there is left out; one that does not compile is an error.
set -eu
[ $# = 3 ] || { sed -n '2,6s/^# //p' "$0" >&2; exit 2; }
here=$(dirname "$0") folder=$3
cflags=(${CFLAGS--O2 -g} -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wno-missing-field-initializers)
mkdir -p "$folder"

# what the first comment of file $1 says under the name $2; the same as words
part() { sed -n "1,/\*\//{s/ *\*\/\$//;s/^.. *$2: //p}" "$1" | tr '\n' ' '; }
words() { eval "echo $(part "$1" "$2")" 2>/dev/null; }
# file $1 becomes the standard input; untouched when it is that already, so that nothing is made again
put() { cat > "$1.new"; if cmp -s "$1.new" "$1"; then rm "$1.new"; else mv "$1.new" "$1"; fi; }

names=() libs=()
for source in "$here"/*.c "$here"/*.cpp; do
    name=$(basename "${source%.*}") object=$folder/$(basename "${source%.*}").o
    case $source in
        *.c) compiler=($1 -x c -std=c99) ;;
        *) compiler=($2 -x c++) ;;
    esac
    flags=($(words "$source" cflags))
    printf '#if !__has_include(<%s>)\n#error absent\n#endif\n' "$(words "$source" needs)" |
        "${compiler[@]}" "${flags[@]}" -E - >/dev/null 2>&1 || continue
    names+=("$name")
    libs+=("$object" $(words "$source" libs))
    newest=$(ls -t "$object" "$source" "$here"/*.h "$here"/../bench.h "$here"/../../medvol.h 2>/dev/null |
        head -1)
    [ "$newest" != "$object" ] || continue
    echo "${compiler[0]} $source"
    "${compiler[@]}" "${cflags[@]}" "${flags[@]}" -c "$source" -o "$object"
done
{ [ ${#names[@]} = 0 ] || printf 'X(%s)\n' "${names[@]}"; } | put "$folder/peers.h"
echo "${libs[*]-}" | put "$folder/libs"
