#!/usr/bin/env python3
"""report.py [--baseline-report] [--scalar FILE] [--out FOLDER] FILE.json...: what the bench measured.

FOLDER/report.md has the tables, rows that lose to a peer first; bars.svg, sizes.svg and threads.svg, when
matplotlib is there, show time per operation beside floor and peers, and how throughput follows size and
threads. --baseline-report prints one table instead: speed, share of the floor, against the baseline the rows
were compared with and against the scalar level (--scalar), and the verdict."""
import argparse
import json
import sys
from pathlib import Path

CONTRACT = {  # key: allowed types of its value
    "op": str, "shape": str, "dtype": str, "threads": int, "level": int, "median_ms": (int, float),
    "min_ms": (int, float), "mad_ms": (int, float), "n": int, "mb_s": (int, float),
    "floor_ms": (int, float, type(None)), "floor_ratio": (int, float, type(None)), "peer": (str, type(None)),
    "peer_ms": (int, float, type(None)), "speedup": (int, float, type(None)),
}


def load(path):
    """The file's object; leaves with a message when it breaks the contract."""
    with open(path) as f:
        data = json.load(f)
    rows = data["rows"]
    for k, row in enumerate(rows):
        for key, kind in CONTRACT.items():
            if key not in row or not isinstance(row[key], kind) or isinstance(row[key], bool):
                sys.exit(f"{path}: row {k}: {key} is {row.get(key, 'missing')!r}")
        if not (0 < row["min_ms"] <= row["median_ms"] and row["mad_ms"] >= 0 and row["n"] >= 3):
            sys.exit(f"{path}: row {k}: {row['op']}: times that cannot be")
        if len({row[k] is None for k in ("peer", "peer_ms", "speedup")}) > 1:
            sys.exit(f"{path}: row {k}: {row['op']}: half a peer")
    if not rows:
        sys.exit(f"{path}: no rows")
    return data


def name(row):
    return f'{row["op"]}, {row["dtype"]}'


def key(row):
    return row["op"], row["dtype"], row["shape"], row["threads"]


def side(row):
    return int(row["shape"].split("x")[0]) if "x" in row["shape"] else 0


def number(x, form="{:.3g}"):
    return "" if x is None else form.format(x)


def percent(x):
    return "" if x is None else f"{100 * x:.0f} %"


def table(rows):
    lines = ["| operation | shape | threads | ms | ± | MB/s | floor | fastest peer | its ms | ratio |",
             "|---|---|---|---|---|---|---|---|---|---|"]
    for r in rows:
        lines.append(
            f'| {name(r)} | {r["shape"]} | {r["threads"]} | {r["median_ms"]:.4g} '
            f'| {percent(r["mad_ms"] / r["median_ms"])} | {r["mb_s"]:.0f} | {percent(r["floor_ratio"])} '
            f'| {r["peer"] or ""} | {number(r["peer_ms"])} | {number(r["speedup"])} |')
    return "\n".join(lines) + "\n"


def baseline_table(rows, scalar):
    slow = {key(r): r["median_ms"] for r in scalar}
    lines = ["| operation | shape | GB/s | floor | against baseline | against scalar | verdict |",
             "|---|---|---|---|---|---|---|"]
    for r in rows:
        gain = slow[key(r)] / r["median_ms"] if key(r) in slow else None
        lines.append(
            f'| {name(r)} | {r["shape"]} | {r["mb_s"] / 1000:.3g} | {percent(r["floor_ratio"])} '
            f'| {number(r.get("base_ratio"), "{:.3f}")} | {number(gain, "{:.2g} x")} '
            f'| {r.get("verdict", "new")} |')
    return "\n".join(lines)


def bars(plt, rows, path):
    """One group an operation, log scale: ours, floor, peers."""
    size = max((side(r) for r in rows if side(r) <= 256), default=0)
    chosen = [r for r in rows if side(r) == size and r["threads"] == 1]
    chosen.sort(key=lambda r: r["median_ms"])
    names = [name(r) for r in chosen]
    fig, ax = plt.subplots(figsize=(9, 2 + 0.19 * len(chosen)))
    ax.barh(names, [r["median_ms"] for r in chosen], color="#3b6ea5", label="medvol")
    floors = [r["floor_ms"] or float("nan") for r in chosen]
    ax.plot(floors, names, "|", color="black", ms=9, mew=2, label="floor")
    peers = sorted({p for r in chosen for p in r.get("peers", {})})
    for k, p in enumerate(peers):
        at = [(r["peers"][p], name(r)) for r in chosen if p in r.get("peers", {})]
        ax.plot([a[0] for a in at], [a[1] for a in at], "oD^svPX<>*"[k % 10], ms=4, label=p, ls="none")
    ax.set_xscale("log")
    ax.set_xlabel(f"ms, {size} x {size} x {size}, one thread")
    ax.tick_params(labelsize=7)
    ax.legend(fontsize=7, loc="lower right")
    ax.margins(y=0.005)
    fig.tight_layout()
    fig.savefig(path)
    plt.close(fig)


LINES = ("znorm", "clamp", "stats", "flip xyz", "permute zyx", "spacing linear", "spacing cubic",
         "turn linear", "percentiles", "inflate", "load nii")


def scaling(plt, rows, path, by_threads):
    """Voxel throughput of some operations over size, or over threads at the largest common size."""
    fig, ax = plt.subplots(figsize=(8, 5))
    if by_threads:
        most = max(r["threads"] for r in rows)
        size = max((side(r) for r in rows if r["threads"] == most and side(r) <= 256), default=0)
        rows = [r for r in rows if side(r) == size]
    else:
        rows = [r for r in rows if r["threads"] == 1 and side(r)]
    for op in LINES:
        mine = [r for r in rows if r["op"] == op and r["dtype"] == ("i16" if op == "inflate" else "f32")]
        points = sorted((r["threads"] if by_threads else side(r), r["mb_s"] / 1000) for r in mine)
        if points:
            ax.plot(*zip(*points), "o-", ms=4, label=op)
    ax.set_yscale("log")
    ax.yaxis.set_major_formatter("{x:g}")
    ax.yaxis.set_minor_formatter("{x:g}")
    ax.set_ylabel("GB/s of input")
    if by_threads:
        ax.set_xlabel(f"threads, {size} x {size} x {size}")
        ax.set_xticks(sorted({r["threads"] for r in rows}))
    else:
        ax.set_xscale("log", base=2)
        ax.set_xlabel("voxels a side, one thread")
        ticks = sorted({side(r) for r in rows})
        ax.set_xticks(ticks, ticks)
    ax.grid(alpha=0.3)
    ax.legend(fontsize=8, loc="center left", bbox_to_anchor=(1, 0.5))
    fig.tight_layout()
    fig.savefig(path)
    plt.close(fig)


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("files", nargs="+")
    p.add_argument("--out", default="build/bench")
    p.add_argument("--scalar")
    p.add_argument("--baseline-report", action="store_true")
    args = p.parse_args()
    found = [load(f) for f in args.files]
    rows = [r for d in found for r in d["rows"]]
    if args.baseline_report:
        print(baseline_table(rows, load(args.scalar)["rows"] if args.scalar else []))
        return
    out = Path(args.out)
    out.mkdir(parents=True, exist_ok=True)
    losing = [r for r in rows if r["speedup"] is not None and r["speedup"] < 1]
    text = ["# Bench\n"]
    for d in found:
        if "machine" in d:
            text.append("Machine: " + ", ".join(f"{k} {v}" for k, v in d["machine"].items()) + "\n")
    text.append(f"{len(rows)} rows, {sum(r['peer'] is not None for r in rows)} with a peer, "
                f"{len(losing)} in which a peer is faster.\n")
    if losing:
        text.append("## A peer is faster\n\n" + table(losing))
    text.append("## All\n\n" + table(sorted(rows, key=lambda r: (r["threads"], side(r)))))
    try:
        import matplotlib
        matplotlib.use("svg")
        import matplotlib.pyplot as plt
    except ImportError:
        text.append("No plots: matplotlib is not installed.\n")
        print("no plots: matplotlib is not installed (bench/requirements.txt)", file=sys.stderr)
    else:
        bars(plt, rows, out / "bars.svg")
        scaling(plt, rows, out / "sizes.svg", False)
        scaling(plt, rows, out / "threads.svg", True)
        text += ["![time per operation](bars.svg)\n", "![over sizes](sizes.svg)\n",
                 "![over threads](threads.svg)\n"]
    (out / "report.md").write_text("\n".join(text))
    print(out / "report.md")


if __name__ == "__main__":
    main()
