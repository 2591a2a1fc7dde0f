# api.awk - medvol.h -> api.h: the public functions, and a macro for each that notes the call before making
# it. A file that includes api.h after test.h defines API_KIND; main.c then wants every function called there,
# while API_MET is 1 where the file defines that too.
/==== \[[A-Z]+\]/ { api = /==== \[API\]/ }
api && /^MEDVOL_DEF / && match($0, /mv_[a-z0-9_]+\(/) { name[n++] = substr($0, RSTART, RLENGTH - 1) }
END {
    print "#define API_FUNCTIONS(X) \\"
    for (i = 0; i < n; i++) printf "    X(%s)%s\n", name[i], i < n - 1 ? " \\" : ""
    print "#ifdef API_KIND\n#ifndef API_MET\n#define API_MET 1\n#endif"
    for (i = 0; i < n; i++)
        printf "#define %s(...) (t_called[API_KIND][API_%s] |= API_MET, %s(__VA_ARGS__))\n", name[i],
            name[i], name[i]
    print "#endif"
}
