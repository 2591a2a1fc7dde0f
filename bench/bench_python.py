"""bench_python.py - medvol beside the Python libraries that do the same, on the same volume, in one process.

    bench_python.py [--size 128,256] [--threads 1,0] [--op REGEX] [--budget SECONDS] [--large]
                    [--cpu-time] [--json FILE] [--markdown] [--readme] [--smoke]

--size: voxels a side (rows of another shape run once, with the first); --large: rows at memory speed at
512, too. --threads: 0 is one a core; each number runs in a process of its own, since some libraries count
their threads as they start. --budget: seconds that a call may take for its samples (2). --json: rows as in
the bench in C, with the time of every peer. --cpu-time: of all threads of the process together, for busy
machines. --markdown: the table in that form; --readme: the block between the marks of README.md. --smoke:
size 24, every row compared, nothing timed.

Before a row is timed each result is compared with ours; a difference beyond the row's tolerance is an error,
and the exit code 1. Then all calls of the row take turns: warmed up until three medians in a row agree within
2 %, then at least 30 samples or the budget. "new": the call allocates its result, on both sides, after
as much was taken and returned; else it is written into memory that is there. Sources and destinations
rotate, so that volumes of 256 a side, 64 MiB, come from memory; those of 128 stay in the cache."""
from __future__ import annotations

import argparse
import gc
import json
import math
import os
import random
import re
import statistics
import subprocess
import sys
import tempfile
import time
import warnings
from pathlib import Path
from typing import Any, Callable

import numpy as np

import medvol

ROTATE_BYTES = 256 << 20   # sources are copied until they exceed this, at least once
SAMPLES, MOST = 30, 400
NOW = [time.perf_counter]
LONG = 2000.0  # ms: one sample of such a call does; of others three at least, since the first may pay for all
# Workers of OpenMP spin for 0.2 s after a call and take a core from whoever comes next: here for 1 ms, and the
# next one begins later. Ours sleep.
SPIN = {"KMP_BLOCKTIME": "1", "GOMP_SPINCOUNT": "10000"}
REST = 0.003  # s
KEYS = ("op", "shape", "dtype", "threads", "level", "median_ms", "min_ms", "mad_ms", "n", "mb_s", "peer",
        "peer_ms", "speedup", "peers", "tolerance", "note")


# ---- right first ----
def difference(row: Any, ours: np.ndarray, theirs: np.ndarray) -> str:
    """What is wrong with a peer's result, "" when nothing is."""
    if ours.shape != theirs.shape: return f"shape {theirs.shape}, ours {ours.shape}"
    if row.where is not None: ours, theirs = ours[row.where], theirs[row.where]
    if not ours.size: return "nothing to compare"
    wide = np.float32 if ours.dtype == theirs.dtype == np.float32 else np.float64
    if np.iscomplexobj(ours) or np.iscomplexobj(theirs): wide = np.complex128
    gap = np.abs(np.subtract(theirs, ours, dtype=wide))
    worst = float(gap.max())
    if worst <= row.tol: return ""
    share = np.count_nonzero(~(gap <= row.tol)) / gap.size
    if share <= row.share and np.isfinite(worst): return ""
    return f"differs from ours by {worst:.3g} (allowed {row.tol:g}), in {100 * share:.3g} % of the voxels"


def check(row: Any, source: Any, pristine: np.ndarray) -> tuple[int, list[str]]:
    """Comparisons made, and errors, of all calls of a row, ours in the other form too. Peers that raise are
    dropped."""
    form = row.out if row.peers else None
    want = row.see(row.ours(source, form(source) if form else None))
    want = want.copy()
    errors = []
    calls = [("medvol", row.ours, None)] if form and row.new else []
    calls += [(name, f, row.out) for name, f in row.peers.items()]
    calls += [(name, f, None) for name, f in row.new.items()]
    for name, f, out in calls:
        try:
            wrong = difference(row, want, row.see(f(source, out(source) if out else None)))
        except Exception as e:
            wrong = f"{type(e).__name__}: {e}".split("\n")[0][:150]
            (row.peers if out else row.new).pop(name, None)
        if wrong: errors.append(f"{row.op}: {name}{'' if out else ' (new)'}: {wrong}")
    if not np.array_equal(source.f32, pristine): errors.append(f"{row.op}: somebody wrote into the source")
    return len(calls) + 1, errors


# ---- then fast ----
class Clock:
    """Samples of one call in ms; short calls are repeated within a sample."""

    def __init__(self, call: Callable[[int], Any], rest: bool, room: int = 0):
        self.call, self.times, self.spent, self.turn, self.repeat = call, [], 0.0, 0, 1
        self.short, self.rest, self.room = False, rest, room

    def next(self) -> None:
        self.turn += 1
        self.call(self.turn)

    def sample(self) -> float:
        if self.rest: time.sleep(REST)
        # a guest gives back to its host what was free for seconds: have it before the call asks for it
        if self.room: np.empty(self.room, np.uint8).fill(1)
        if self.short: self.next()  # untimed, so that nobody pays for what the call before left in the caches
        start = NOW[0]()
        for _ in range(self.repeat): self.next()
        took = NOW[0]() - start
        self.spent += took
        return 1e3 * took / self.repeat

    def warm_up(self, budget: float) -> None:
        first = self.sample()
        if first > LONG:
            self.times = [first]
            return
        first = min(first, self.sample())
        self.short = first < 20
        self.repeat = max(1, int(0.5 / max(first, 1e-6)))
        medians = [first]
        while self.spent < budget / 2 and len(medians) < 20:
            medians.append(statistics.median(self.sample() for _ in range(3)))
            last = medians[-3:]
            if len(last) == 3 and max(last) <= 1.02 * min(last): break
        self.spent = 0.0

    def done(self, budget: float) -> bool:
        n = len(self.times)
        if n < 3 and self.times[:1] < [LONG]: return False
        return n >= MOST or self.spent >= budget or (n >= SAMPLES and self.spent >= budget / 4)


def measure(calls: dict[str, Callable[[int], Any]], budget: float, rest: bool, room: int,
            clock: type = Clock) -> dict[str, list[float]]:
    """Samples of each call, one of each in turn, in an order that changes; rest: each after a pause; room:
    bytes that those need whose result is new."""
    clocks = {name: clock(f, rest, room if name.endswith(", new") else 0) for name, f in calls.items()}
    gc.collect()
    gc.disable()
    for clock in clocks.values(): clock.warm_up(budget)
    while True:
        waiting = [c for c in clocks.values() if not c.done(budget)]
        if not waiting: break
        random.shuffle(waiting)
        for clock in waiting: clock.times.append(clock.sample())
    gc.enable()
    return {name: clock.times for name, clock in clocks.items()}


def time_row(row: Any, sources: list[Any], budget: float, rest: bool) -> dict[str, dict[str, list[float]]]:
    """Samples by form ("" writes into memory, ", new" allocates) and name."""
    calls: dict[str, Callable[[int], Any]] = {}
    k = len(sources)
    outs = [row.out(s) for s in sources] if row.out and row.peers else []
    if outs:
        ours = [medvol.Volume(d) for d in outs]  # as peers have objects of their own
        calls["medvol"] = lambda i: row.ours(sources[i % k], ours[i % k])
        for name, f in row.peers.items():
            calls[name] = lambda i, f=f: f(sources[i % k], outs[i % k])
    if row.new:
        for name, f in {"medvol": row.ours, **row.new}.items():
            calls[name + ", new"] = lambda i, f=f: f(sources[i % k], None)
    forms: dict[str, dict[str, list[float]]] = {}
    room = 0
    if row.new:
        result = row.ours(sources[0], None)
        room = getattr(getattr(result, "array", result), "nbytes", 0)
        del result
    for name, times in measure(calls, budget, rest, room).items():
        name, _, form = name.partition(", ")
        forms.setdefault(", " + form if form and outs else "", {})[name] = times
    return forms


def summary(row: Any, form: str, times: dict[str, list[float]], n: int, threads: int) -> dict[str, Any]:
    mine = times.pop("medvol")
    median = statistics.median(mine)
    peers = {name: statistics.median(t) for name, t in times.items()}
    best = min(peers, key=peers.get)
    shape = row.shape or (n, n, n)
    size = math.prod(shape) * {"f32": 4, "i16": 2, "f64": 8, "c64": 8}[row.dtype]
    values = (row.op + form, "x".join(map(str, shape)), row.dtype, threads, medvol.level(), median, min(mine),
              statistics.median(abs(t - median) for t in mine), len(mine), size / 1e3 / median, best,
              peers[best], peers[best] / median, peers, row.tol, row.note)
    return dict(zip(KEYS, values))


def run(args: argparse.Namespace, threads: int) -> tuple[list[dict], int, list[str]]:
    """All rows of the sizes asked for, in this process: results, comparisons made, errors."""
    if threads == 1 and hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})  # the bench in C takes the last core
    if args.cpu_time: NOW[0] = time.process_time
    import rows
    context = medvol.Context(threads=threads)
    rows.set_threads(context.threads)
    for name, why in rows.MISSING.items(): print(f"left out: {name} ({why})", file=sys.stderr)
    results, errors, compared = [], [], 0
    for n in args.size:
        head = rows.make_head(n)
        copies = 1 if args.smoke or n > 400 else max(1, min(4, ROTATE_BYTES // (2 * head.nbytes)))
        sources = [rows.Source(head) for _ in range(copies if n > 200 else 1)]
        for row in rows.table(context, n, head, own=n == args.size[0]):
            if not re.search(args.op, row.op) or (n > 400 and not row.cheap): continue
            count, wrong = check(row, sources[0], head)
            compared += count
            for line in wrong: print(f"ERROR {n} {line}", file=sys.stderr, flush=True)
            errors += wrong
            if args.smoke or not (row.peers or row.new): continue
            for form, times in time_row(row, sources, args.budget, threads != 1).items():
                results.append(summary(row, form, times, n, context.threads))
                print(line_of(results[-1]), file=sys.stderr, flush=True)
    return results, compared, errors


# ---- tables ----
def number(x: float) -> str:
    return f"{x:.0f}" if x >= 1000 else f"{x:.3g}"


def line_of(r: dict[str, Any]) -> str:
    others = ", ".join(f"{name} {number(ms)}" for name, ms in sorted(r["peers"].items(), key=lambda p: p[1]))
    return (f"{r['op']:42} {r['shape']:>11} {r['dtype']} {r['threads']:2} {number(r['median_ms']):>8} ms "
            f"{r['mb_s']:8.0f} MB/s {number(r['speedup']):>6} x  {others}")


def in_order(results: list[dict]) -> list[dict]:
    """Rows that lose to a peer come first."""
    return sorted(results, key=lambda r: r["speedup"] >= 1)


def print_table(results: list[dict]) -> None:
    lost = [r for r in results if r["speedup"] < 1]
    print(f"{len(results)} rows, {len(lost)} slower than the fastest peer" + (":" if lost else ""))
    for i, r in enumerate(in_order(results)):
        if lost and i == len(lost): print("the others:")
        print(line_of(r))


def markdown(results: list[dict]) -> str:
    lines = ["| operation | voxels | threads | medvol, ms | fastest peer, ms | | ratio |",
             "|---|---|---|---|---|---|---|"]
    lines += [f"| {r['op']} ({r['dtype']}) | {r['shape']} | {r['threads']} | {number(r['median_ms'])} | "
              f"{number(r['peer_ms'])} | {r['peer']} | {number(r['speedup'])} |" for r in in_order(results)]
    return "\n".join(lines)


def write_readme(results: list[dict]) -> None:
    """A line an operation, a column for each size and number of threads."""
    cubes = [r for r in results if re.fullmatch(r"(\d+)x\1x\1", r["shape"])]
    columns = list(dict.fromkeys((int(r["shape"].split("x")[0]), r["threads"]) for r in cubes))
    cells: dict[str, dict] = {}
    for r in results:  # those of another shape say so, and stand in the first columns
        is_cube = r in cubes
        side = int(r["shape"].split("x")[0]) if is_cube else min(columns)[0]
        op = f"{r['op']} ({r['dtype']}{'' if is_cube else ', ' + r['shape']})"
        cells.setdefault(op, {})[side, r["threads"]] = (
            f"{number(r['median_ms'])}; {number(r['speedup'])} {r['peer']}")
    heads = [f"{n}³, {t} thread{'s'[:t - 1]}" for n, t in sorted(columns)]
    lines = [f"| operation | {' | '.join(heads)} |", "|---" * (len(columns) + 1) + "|"]
    lines += [f"| {op} | " + " | ".join(row.get(c, "") for c in sorted(columns)) + " |"
              for op, row in cells.items()]
    path = medvol.ROOT / "README.md"
    text = path.read_text()
    a, b = text.index("<!-- measured -->\n"), text.index("<!-- end -->")
    path.write_text(text[:a] + "<!-- measured -->\n" + "\n".join(lines) + "\n" + text[b:])


# ---- the command ----
def numbers(text: str) -> list[int]:
    return [int(word) for word in text.split(",")]


def parse(argv: list[str]) -> argparse.Namespace:
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--size", type=numbers, default=[128, 256])
    p.add_argument("--threads", type=numbers, default=[1, 0])
    p.add_argument("--op", default="")
    p.add_argument("--budget", type=float, default=2.0)
    p.add_argument("--json", type=Path)
    for flag in ("--large", "--cpu-time", "--markdown", "--readme", "--smoke"): p.add_argument(flag, action="store_true")
    p.add_argument("--child", type=int, help=argparse.SUPPRESS)
    args = p.parse_args(argv)
    if args.large and 512 not in args.size: args.size.append(512)
    if args.smoke: args.size, args.threads = [24], [1]
    return args


def in_child(args: argparse.Namespace, threads: int, argv: list[str]) -> tuple[list[dict], int, list[str]]:
    """run() in a process whose libraries start with that many threads."""
    count = str(threads or os.cpu_count())
    names = ("OMP_NUM_THREADS", "RAYON_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "rows.json"
        subprocess.run([sys.executable, __file__, *argv, "--child", str(threads), "--json", path], check=True,
                       env={**os.environ, **dict.fromkeys(names, count), **SPIN})
        return tuple(json.loads(path.read_text()))


def main(argv: list[str]) -> int:
    args = parse(argv)
    warnings.filterwarnings("ignore")
    if args.child is not None:
        args.json.write_text(json.dumps(run(args, args.child)))
        return 0
    results, errors, compared = [], [], 0
    for threads in dict.fromkeys(t or os.cpu_count() for t in args.threads):
        more, count, wrong = in_child(args, threads, argv)
        results, compared, errors = results + more, compared + count, errors + wrong
        if args.json: args.json.write_text(json.dumps(results, indent=1))
    if not compared: sys.exit(f"--op {args.op}: no such row")
    if args.markdown: print(markdown(results))
    elif not args.smoke: print_table(results)
    if args.readme: write_readme(results)
    for line in errors: print("ERROR", line)
    if args.smoke: print(f"{compared - len(errors)} passed, {len(errors)} failed")
    return 1 if errors else 0


if __name__ == "__main__": sys.exit(main(sys.argv[1:]))
