# flamegraph.awk - the output of `perf script` as a flame graph in SVG: width is the share of samples, hover
# for numbers.
# Use: awk -v title="..." -f flamegraph.awk perf.txt > flame.svg                     (make flamegraph does)
function escape(s) { gsub(/&/, "\\&amp;", s); gsub(/</, "\\&lt;", s); gsub(/>/, "\\&gt;", s); return s }
function finish(   i, path) { # one sample: the stack was listed from the innermost frame outwards
    if (depth == 0) return
    path = ""
    for (i = depth; i >= 1; i--) {
        path = path ";" frame[i]
        if (!(path in count)) { order[++paths] = path; level[path] = depth - i; parent[path] = up }
        count[path]++
        up = path
    }
    up = ""
    samples++
    if (depth > deepest) deepest = depth
    depth = 0
}
/^[^ \t#]/ { finish(); next }                                       # header of a sample
/^[ \t]+[0-9a-f]+ / {
    name = $2
    sub(/\+0x[0-9a-f]+$/, "", name)
    frame[++depth] = name
}
END {
    finish()
    if (!samples) { print "flamegraph.awk: no samples" > "/dev/stderr"; exit 1 }
    wide = 1200; row = 17; high = (deepest + 3) * row
    printf "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\"", wide, high
    printf " font-family=\"monospace\" font-size=\"11\">\n"
    printf "<rect width=\"100%%\" height=\"100%%\" fill=\"#fff\"/>"
    printf "<text x=\"6\" y=\"13\">%s, %d samples</text>\n", escape(title), samples
    for (k = 1; k <= paths; k++) {                                  # parents come before their children
        p = order[k]; up = parent[p]
        x[p] = (up == "" ? used : x[up] + inside[up])
        if (up == "") used += count[p]; else inside[up] += count[p]
        w = count[p] * wide / samples
        if (w < 0.5) continue
        n = split(p, part, ";"); name = part[n]
        y = high - (level[p] + 1.5) * row
        hue = 20 + (length(name) * 7 + level[p] * 3) % 35
        left = x[p] * wide / samples
        printf "<g><title>%s: %.1f %%</title>", escape(name), 100 * count[p] / samples
        printf "<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%d\"", left, y, w - 0.4, row - 1
        printf " rx=\"2\" fill=\"hsl(%d,85%%,%d%%)\"/>", hue, 62 + level[p] % 3 * 4
        short = escape(substr(name, 1, int(w / 6.7)))
        if (w > 30) printf "<text x=\"%.1f\" y=\"%.1f\">%s</text>", left + 3, y + 12, short
        print "</g>"
    }
    print "</svg>"
}
