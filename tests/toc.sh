#!/bin/sh
# toc.sh HEADER - fails when the table of contents and the section banners differ, when a public function is
# defined but not declared in [API], or the other way about.
f=${1:-medvol.h}
awk '
function bad(text) { print FILENAME ": " text; failed = 1 }
/^   CONTENTS/ { contents = 1 }
/^   CONFIGURATION/ { contents = 0 }
contents && match($0, /\[[A-Z]+\]/) && /^     \[/ { toc[++ntoc] = substr($0, RSTART, RLENGTH) }
/==== \[[A-Z]+\]/ { match($0, /\[[A-Z]+\]/); banner[++nbanner] = section = substr($0, RSTART, RLENGTH) }
/^MEDVOL_DEF / {
    if (!match($0, /mv_[a-z0-9_]+\(/)) { bad(FNR ": no function name: " $0); next }
    name = substr($0, RSTART, RLENGTH - 1)
    if (section == "[API]") { if (declared[name]++) bad(FNR ": " name " is declared twice") }
    else defined[name] = FNR
}
END {
    for (i = 1; i <= ntoc || i <= nbanner; i++)
        if (toc[i] != banner[i]) { bad("section " i ": contents " toc[i] ", banner " banner[i]); break }
    for (name in defined) if (!(name in declared)) bad(defined[name] ": " name " is not declared in [API]")
    for (name in declared) {
        n++
        if (!(name in defined)) bad(name " is declared in [API] but defined nowhere")
    }
    if (!failed) print FILENAME ": " ntoc " sections, " n " public functions"
    exit failed
}' "$f"
