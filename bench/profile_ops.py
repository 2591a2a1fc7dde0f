"""profile_ops.py - times of single operations, one row each, through the same calls as a program would make:

    profile_ops.py [--size N] [--op NAME] [--iterations N] [--large] [--threads N]

    name                 mean: 1.234 ms  median: 1.201 ms  (5584.0 MB/s)

MB/s: voxels * 4 bytes of the input over the median. Without --size: 32, 128 and 256 voxels a side, with 100,
20 and 10 iterations; --large adds 512 with 5. Every call allocates its result, as a script would. Under a
profiler:
    python -m cProfile -s tottime bench/profile_ops.py --size 128 --op z_norm
    py-spy record --native -o z_norm.svg -- python bench/profile_ops.py --size 256 --op z_norm"""
from __future__ import annotations

import argparse
import statistics
import sys
import time
from typing import Any, Callable

import numpy as np

import medvol

ITERATIONS = {32: 100, 128: 20, 256: 10, 512: 5}
Op = Callable[[medvol.Context, medvol.Volume, int], Any]
OPS: dict[str, Op] = {
    "statistics": lambda c, v, n: c.stats(v),
    "percentiles": lambda c, v, n: c.percentiles(v, (1, 99)),
    "histogram": lambda c, v, n: c.histogram(v),
    "otsu": lambda c, v, n: c.otsu(v),
    "z_norm": lambda c, v, n: c.znorm(v),
    "rescale": lambda c, v, n: c.rescale(v),
    "clamp": lambda c, v, n: c.clamp(v, 100, 600),
    "threshold": lambda c, v, n: c.threshold(v, 300, np.inf),
    "gamma": lambda c, v, n: c.gamma(v, 0.7),
    "cast": lambda c, v, n: c.convert(v, np.int16),
    "crop": lambda c, v, n: c.crop_or_pad(v, (n // 2,) * 3),
    "crop_expand": lambda c, v, n: c.crop_or_pad(v, (2 * n,) * 3),
    "crop_foreground": lambda c, v, n: c.crop_foreground(v, above=1, threshold=300),
    "flip": lambda c, v, n: c.flip(v, (2,)),
    "flip_all": lambda c, v, n: c.flip(v, (0, 1, 2)),
    "permute": lambda c, v, n: c.permute(v, (2, 1, 0)),
    "reorient": lambda c, v, n: c.reorient(v, "SPL"),
    "rot90": lambda c, v, n: c.rot90(v, 1, (1, 2)),
    "resample": lambda c, v, n: c.resample_spacing(v, (2, 2, 2)),
    "resample_nearest": lambda c, v, n: c.resample_spacing(v, (2, 2, 2), interp="nearest"),
    "resample_cubic": lambda c, v, n: c.resample_spacing(v, (2, 2, 2), interp="cubic"),
    "deflate": lambda c, v, n: c.gzip_pack(v.array, level=1)}


def make_volume(n: int) -> medvol.Volume:
    """A noisy ball, 1 mm a voxel."""
    rng = np.random.default_rng(1)
    z, y, x = np.meshgrid(*[np.linspace(-1, 1, n, dtype=np.float32)] * 3, indexing="ij", sparse=True)
    ball = np.where(x * x + y * y + z * z < 0.7, np.float32(500), np.float32(50))
    return medvol.Volume(np.abs(ball + 20 * rng.standard_normal(ball.shape, np.float32)))


def profile(context: medvol.Context, name: str, volume: medvol.Volume, n: int, iterations: int) -> str:
    op, times = OPS[name], []
    op(context, volume, n)
    for _ in range(iterations):
        start = time.perf_counter()
        op(context, volume, n)
        times.append(time.perf_counter() - start)
    median = statistics.median(times)
    return (f"{name:20} mean: {1e3 * statistics.mean(times):.3f} ms  median: {1e3 * median:.3f} ms  "
            f"({n ** 3 * 4 / 1e6 / median:.1f} MB/s)")


def main(argv: list[str]) -> int:
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--size", type=int)
    p.add_argument("--op", choices=sorted(OPS))
    p.add_argument("--iterations", type=int)
    p.add_argument("--large", action="store_true")
    p.add_argument("--threads", type=int, default=0)
    args = p.parse_args(argv)
    if args.size is not None and args.size < 4: p.error("--size: at least 4")
    if args.iterations is not None and args.iterations < 1: p.error("--iterations: at least 1")
    context = medvol.Context(threads=args.threads)
    sizes = [args.size] if args.size else [32, 128, 256] + [512] * args.large
    for n in sizes:
        print(f"{n} x {n} x {n}, {context.threads} threads, level {medvol.level()}")
        volume = make_volume(n)
        for name in [args.op] if args.op else OPS:
            print(profile(context, name, volume, n, args.iterations or ITERATIONS.get(n, 20)), flush=True)
    return 0


if __name__ == "__main__": sys.exit(main(sys.argv[1:]))
