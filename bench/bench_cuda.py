"""bench_cuda.py - medvol_cuda.h beside the Python libraries that do the same on a GPU, on the same memory, in
one process: CuPy (cupyx.scipy.ndimage), PyTorch, cuCIM, FireANTs, as far as they can be imported.

    bench_cuda.py [--size 128,256,512] [--op REGEX] [--budget SECONDS] [--json FILE] [--markdown] [--smoke]

Before a row is timed each result is compared with ours; a difference beyond the row's tolerance is an error,
and the exit code 1. Then all calls of the row take turns on the default stream, timed by CUDA events: warmed up, at
least 30 samples or the budget (2 s a call); medians. Ours write into memory that is there, peers allocate theirs
from their pools, as those who use them do. GB/s: of the bytes that must move; "L2": source and result fit into
that cache, so the rate is not the memory's. Calls come from Python, which below 128 voxels a side is what is
measured. Rows of operations that medvol_cuda.h does not have yet are left out.

--smoke: no GPU; the library with the emulation in it, size 24, every row compared with numpy and scipy, nothing
timed. Exit code 9: there is no GPU, or neither CuPy nor PyTorch to make arrays with."""
from __future__ import annotations

import argparse
import ctypes
import json
import math
import os
import re
import statistics
import sys
import warnings
from ctypes import byref, c_double, c_int, c_size_t, c_void_p
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Callable

SMOKE = "--smoke" in sys.argv
ROOT = Path(__file__).resolve().parent.parent
LIBRARY = ROOT / "build" / ("libmedvol_cuda_emulated.so" if SMOKE else "libmedvol_cuda.so")
if not LIBRARY.exists():
    print(f"bench_cuda: make build/{LIBRARY.name}", file=sys.stderr)
    sys.exit(9)
os.environ["MEDVOL_LIBRARY"] = str(LIBRARY)  # it holds medvol.h, too
sys.path.insert(0, str(ROOT / "examples"))

import numpy as np

import bench_python
import cuda_arrays
import medvol
from bench_python import number
from rows import Turn, interior, make_head

F32, I16, U8, I64, C64 = np.float32, np.int16, np.uint8, np.int64, np.complex64
HAVE = set(re.findall(r"MEDVOL_DEF \w+ (mv_cuda_\w+)\(", (ROOT / "medvol_cuda.h").read_text()))
MODULES = {"CuPy": "cupy", "cupyx": "cupyx.scipy.ndimage", "PyTorch": "torch", "cuCIM": "cucim.skimage",
           "FireANTs": "fireants.interpolator.fused_grid_sample", "scipy": "scipy.ndimage"}
MISSING: dict[str, str] = {}


def _import(name: str) -> Any:
    try:
        return __import__(MODULES[name], fromlist=["_"])
    except Exception as e:  # of a GPU library not only ImportError
        MISSING[name] = f"{type(e).__name__}: {e}".split("\n")[0]
        return None


if SMOKE: cp = cndi = torch = cucim = fireants = None
else: cp, cndi, torch, cucim, fireants = map(_import, list(MODULES)[:5])
ndi = _import("scipy")


# ---- memory ----
class Emulated:
    """Arrays in the memory of the emulation."""

    class Array:
        def __init__(self, shape: tuple[int, ...], dtype: Any):
            self.shape, self.dtype = tuple(shape), np.dtype(dtype)
            self.nbytes = math.prod(shape) * self.dtype.itemsize
            self.block = Emulated.lib.dev_alloc(self.nbytes)

        def __del__(self) -> None:
            Emulated.lib.dev_free(self.block)

        @property
        def __cuda_array_interface__(self) -> dict[str, Any]:
            return {"shape": self.shape, "typestr": self.dtype.str, "data": (self.block, False), "version": 3}

    lib: Any = None
    name, l2 = "the emulation", 0

    def __init__(self) -> None:
        Emulated.lib = ctypes.CDLL(str(LIBRARY))
        self.lib.dev_alloc.restype, self.lib.dev_alloc.argtypes = c_void_p, [c_size_t]
        self.lib.dev_free.argtypes = [c_void_p]
        self.lib.dev_put.argtypes = self.lib.dev_get.argtypes = [c_void_p, c_void_p, c_size_t]

    def empty(self, shape: tuple[int, ...], dtype: Any) -> Any:
        return self.Array(shape, dtype)

    def put(self, a: np.ndarray) -> Any:
        d = self.Array(a.shape, a.dtype)
        assert self.lib.dev_put(d.block, np.ascontiguousarray(a).ctypes.data, a.nbytes)
        return d

    def get(self, d: Any) -> np.ndarray:
        a = np.empty(d.shape, d.dtype)
        assert self.lib.dev_get(a.ctypes.data, d.block, a.nbytes)
        return a


class Torch:
    def __init__(self) -> None:
        about = torch.cuda.get_device_properties(0)
        self.name, self.l2 = about.name, getattr(about, "L2_cache_size", 0)

    def empty(self, shape: tuple[int, ...], dtype: Any) -> Any:
        return torch.empty(shape, dtype=getattr(torch, np.dtype(dtype).name), device="cuda")

    def put(self, a: np.ndarray) -> Any:
        return torch.from_numpy(a).cuda()

    def get(self, d: Any) -> np.ndarray:
        return d.cpu().numpy()

    @staticmethod
    def events() -> tuple[Any, Any, Callable[[], float]]:
        a, b = (torch.cuda.Event(enable_timing=True) for _ in range(2))
        return a, b, lambda: a.elapsed_time(b)


class Cupy:
    def __init__(self) -> None:
        about = cp.cuda.runtime.getDeviceProperties(0)
        self.name, self.l2 = about["name"].decode(), about["l2CacheSize"]

    def empty(self, shape: tuple[int, ...], dtype: Any) -> Any:
        return cp.empty(shape, dtype)

    def put(self, a: np.ndarray) -> Any:
        return cp.asarray(a)

    def get(self, d: Any) -> np.ndarray:
        return cp.asnumpy(d)

    @staticmethod
    def events() -> tuple[Any, Any, Callable[[], float]]:
        a, b = cp.cuda.Event(), cp.cuda.Event()
        return a, b, lambda: cp.cuda.get_elapsed_time(a, b)


def backend() -> Any:
    if SMOKE: return Emulated()
    if torch is not None and torch.cuda.is_available(): return Torch()
    if cp is not None and cp.cuda.is_available(): return Cupy()
    for name, why in MISSING.items(): print(f"{name}: {why}", file=sys.stderr)
    print("bench_cuda: there is no GPU, or neither CuPy nor PyTorch to make arrays with", file=sys.stderr)
    sys.exit(9)


def to_numpy(r: Any) -> np.ndarray:
    """A peer's result as an array (z, y, x)."""
    if torch is not None and isinstance(r, torch.Tensor): r = r.cpu().numpy()
    elif cp is not None and isinstance(r, cp.ndarray): r = cp.asnumpy(r)
    r = np.asarray(r)
    return r.reshape(r.shape[-3:]) if r.ndim > 3 else r


class Source:
    """The same voxels on the host (np), and on the device for ours (volume) and for peers (cp, t: one memory)."""

    def __init__(self, gpu: Any, memory: Any, array: np.ndarray):
        self.np, self.device = array, memory.put(array)
        self.volume = gpu.wrap(self.device)
        self.t = self.device if isinstance(memory, Torch) else None
        self.cp = self.device if isinstance(memory, Cupy) else None
        if self.t is None and torch is not None: self.t = torch.from_dlpack(self.cp)
        if self.cp is None and cp is not None: self.cp = cp.from_dlpack(self.t)

        self.extra: Any = None  # a Source: the kernel or the field of a row
        self.kept: dict[str, Any] = {}  # what peers make of it once, as their users would

    @property
    def t5(self) -> Any:
        return self.t[None, None]


# ---- rows ----
Call = Callable[[Source], Any]


@dataclass
class Row:
    """ours(gpu, result, source) enqueues, with `extra` ours(gpu, result, source, it); reference(array) by numpy or
    scipy; peers: name -> f(source). tol, share and where as in rows.py; read, written: bytes for each element of the
    source and of the result."""
    op: str
    ours: Callable[..., None]
    reference: Callable[[np.ndarray], np.ndarray] | None
    peers: dict[str, Call] = field(default_factory=dict)
    shape: tuple[int, ...] = ()  # of the result; (): the source's
    out: Any = F32
    source: str = "f32"
    read: float = 4
    written: float = 4
    tol: float = 0.0
    share: float = 0.0
    where: Any = None
    see: Callable[[np.ndarray], np.ndarray] = lambda a: a
    needs: tuple[str, ...] = ()
    extra: Callable[[], np.ndarray] | None = None


def op(name: str, *args: Any, **opt: Any) -> Callable[[Any, Any, Any], None]:
    """mv_cuda_name(ctx, d, s, args..., opt): opt by its fields, with the name of the struct in `struct`."""
    call, args_c = "mv_cuda_" + name, [c_double(a) if isinstance(a, float) else a for a in args]
    if "struct" in opt:
        struct = opt.pop("struct")
        options, keep = medvol._options(struct, opt) if struct else (None, None)
        args_c.append(byref(options) if struct else None)
    return lambda g, d, s: g.call(call, d, s, *args_c)


def sizes(*zyx: int) -> Any:
    return (c_size_t * len(zyx))(*zyx[::-1])


def statistics_of(a: np.ndarray) -> np.ndarray:
    """min, max, mean, sd of a mv_statistics."""
    return a[[3, 4, 6, 9]]


def stats_row() -> Row:
    def ours(g: Any, d: Any, s: Any) -> None:
        g.call("mv_cuda_stats", c_void_p(d.volume.data), s, None)
    four = lambda a: np.array([a.min(), a.max(), a.mean(dtype=float), a.std(dtype=float)])
    return Row("statistics", ours, four, {
        "CuPy": lambda s: cp.stack([f(dtype=float) if f in (s.cp.mean, s.cp.std) else f().astype(float)
                                    for f in (s.cp.min, s.cp.max, s.cp.mean, s.cp.std)]),
        "PyTorch": lambda s: torch.stack([*torch.aminmax(s.t), s.t.mean(), s.t.std(correction=0)])},
        (12,), np.float64, written=0, tol=2e-3, see=statistics_of)


def percentiles_row() -> Row:
    q = (c_double * 3)(1, 50, 99)
    def ours(g: Any, d: Any, s: Any) -> None:
        g.call("mv_cuda_percentiles", c_void_p(d.volume.data), s, q, c_size_t(3), None)
    return Row("percentiles 1, 50, 99", ours, lambda a: np.percentile(a.astype(float), [1, 50, 99]), {
        "CuPy": lambda s: cp.percentile(s.cp, cp.array([1, 50, 99]))},
        (3,), np.float64, read=20, written=0, tol=1e-3)


def histogram_row() -> Row:
    bins = 256
    def ours(g: Any, d: Any, s: Any) -> None:
        hist = (c_size_t * 3)(bins, d.volume.data, d.volume.data + 8 * bins)  # mv_cuda_hist
        options, _ = medvol._options("mv_histogram_opt", {"lo": 0, "hi": 1000})
        g.call("mv_cuda_histogram", byref(hist), s, byref(options))
    return Row("histogram of 256 bins", ours, lambda a: np.histogram(a, bins, (0, 1000))[0], {
        "CuPy": lambda s: cp.histogram(s.cp, bins, (0, 1000))[0],
        "PyTorch": lambda s: torch.histc(s.t, bins, 0, 1000)},
        (bins + 6,), I64, written=0, tol=0 if SMOKE else 40, see=lambda a: a[:bins].astype(float))


def intensity(n: int) -> list[Row]:
    def rescaled(a: Any) -> Any: return (a - a.min()) / (a.max() - a.min())
    def torch_znorm(s: Source) -> Any:
        sd, mean = torch.std_mean(s.t, correction=0)
        return (s.t - mean) / sd
    znorm = lambda a: (a - a.mean(dtype=float)) / a.std(dtype=float)
    return [
        stats_row(), percentiles_row(), histogram_row(),
        Row("z-norm", op("znorm", struct=None), znorm, {
            "CuPy": lambda s: (s.cp - s.cp.mean()) / s.cp.std(), "PyTorch": torch_znorm}, read=8, tol=2e-4),
        Row("rescale to 0..1", op("rescale", 0.0, 1.0, struct=None), rescaled, {
            "CuPy": lambda s: rescaled(s.cp), "PyTorch": lambda s: rescaled(s.t)}, read=8, tol=1e-5),
        Row("linear", op("linear", 1.7, -3.0), lambda a: a * F32(1.7) - 3, {
            "CuPy": lambda s: s.cp * F32(1.7) - F32(3), "PyTorch": lambda s: s.t * 1.7 - 3}, tol=4e-4),
        Row("clamp", op("clamp", 100.0, 600.0), lambda a: a.clip(100, 600), {
            "CuPy": lambda s: s.cp.clip(F32(100), F32(600)), "PyTorch": lambda s: s.t.clamp(100, 600)}),
        Row("threshold to a mask", op("threshold", 300.0, math.inf, struct="mv_threshold_opt", binary=1, open=1),
            lambda a: (a > 300).astype(U8), {
            "CuPy": lambda s: (s.cp > F32(300)).view(U8), "PyTorch": lambda s: (s.t > 300).view(torch.uint8)},
            out=U8, written=1),
        Row("gamma", op("gamma", 0.7, struct=None), lambda a: a.astype(float) ** 0.7, {
            "CuPy": lambda s: s.cp ** F32(0.7), "PyTorch": lambda s: s.t ** 0.7}, tol=2e-4),
        Row("convert f32 to i16", op("convert", medvol.CONST["I16"], struct=None),
            lambda a: np.rint(a).astype(I16), {
            "CuPy": lambda s: cp.rint(s.cp).astype(I16), "PyTorch": lambda s: s.t.round().to(torch.int16)},
            out=I16, written=2),
        Row("convert i16 to f32", op("convert", medvol.CONST["F32"], struct=None), lambda a: a.astype(F32), {
            "CuPy": lambda s: s.cp.astype(F32), "PyTorch": lambda s: s.t.float()}, source="i16", read=2),
    ]


def spatial(n: int) -> list[Row]:
    def flip(name: str, axes: tuple[int, ...]) -> Row:
        bits = sum(1 << (2 - a) for a in axes)
        return Row(f"flip {name}", op("flip", bits), lambda a: np.flip(a, axes), {
            "CuPy": lambda s: cp.ascontiguousarray(cp.flip(s.cp, axes)), "PyTorch": lambda s: s.t.flip(axes)})
    def permute(name: str, *order: int) -> Row:
        axes = (c_int * 3)(*[2 - a for a in order[::-1]])
        return Row(f"transpose to {name}", op("permute", axes), lambda a: np.transpose(a, order), {
            "CuPy": lambda s: cp.ascontiguousarray(s.cp.transpose(order)),
            "PyTorch": lambda s: s.t.permute(order).contiguous()})
    q, p = n // 4, n // 8
    box = (slice(q, q + n // 2),) * 3
    return [
        flip("x", (2,)), flip("z", (0,)), flip("x, y, z", (0, 1, 2)),
        permute("z x y", 0, 2, 1), permute("y z x", 1, 0, 2), permute("x y z", 2, 1, 0), permute("y x z", 1, 2, 0),
        Row("crop to half", op("crop", sizes(q, q, q), sizes(*[n // 2] * 3), struct=None), lambda a: a[box], {
            "CuPy": lambda s: s.cp[box].copy(), "PyTorch": lambda s: s.t[box].contiguous()},
            (n // 2,) * 3, read=0, written=8),
        Row("pad, constant", op("pad", sizes(p, p, p), sizes(p, p, p), struct=None), lambda a: np.pad(a, p), {
            "CuPy": lambda s: cp.pad(s.cp, p), "PyTorch": lambda s: torch.nn.functional.pad(s.t, (p,) * 6)},
            (n + 2 * p,) * 3),
        Row("pad, reflected", op("pad", sizes(p, p, p), sizes(p, p, p), struct="mv_pad_opt", mode="pad_reflect"),
            lambda a: np.pad(a, p, "reflect"), {
            "CuPy": lambda s: cp.pad(s.cp, p, "reflect"),
            "PyTorch": lambda s: torch.nn.functional.pad(s.t5, (p,) * 6, "reflect")}, (n + 2 * p,) * 3),
        Row("rot90 in y, x", op("rot90", 1, 1, 0), lambda a: np.rot90(a, 1, (1, 2)), {
            "CuPy": lambda s: cp.ascontiguousarray(cp.rot90(s.cp, 1, (1, 2))),
            "PyTorch": lambda s: s.t.rot90(1, (1, 2))}),
    ]


def resampling(n: int) -> list[Row]:
    m, h, spline = round(n / 0.7), n // 2, 12 if n > 40 else 8
    turn = Turn(n)
    matrix = (c_double * 12)(*turn.matrix[:3].ravel())
    theta = np.column_stack([turn.r, np.zeros(3)])[None].astype(F32)
    def resize(name: str, to: int, order: int, interp: str, mode: str, **more: Any) -> Row:
        zoom = {"zoom": to / n, "order": order, "mode": "nearest" if order < 2 else "mirror", "grid_mode": True}
        peers: dict[str, Call] = {"CuPy": lambda s: cndi.zoom(s.cp, **zoom)}
        if mode: peers["PyTorch"] = lambda s: torch.nn.functional.interpolate(s.t5, (to,) * 3, mode=mode)
        if order == 1:
            peers["cuCIM"] = lambda s: cucim.transform.resize(s.cp, (to,) * 3, 1, "edge", anti_aliasing=False)
        ours = op("resample_shape", sizes(to, to, to), struct="mv_resample_opt", interp=interp,
                  grid="grid_half_pixel")
        return Row(name, ours, ndi and (lambda a: ndi.zoom(a, **zoom)), peers, (to,) * 3, **more)
    def torch_turn(how: str) -> Call:
        def run(s: Source) -> Any:
            shape = [1, 1, n, n, n]
            grid = torch.nn.functional.affine_grid(torch.from_numpy(theta).cuda(), shape, align_corners=True)
            return torch.nn.functional.grid_sample(s.t5, grid, how, "zeros", align_corners=True)
        return run
    def fire_turn(how: str) -> Call:
        return lambda s: fireants.fused_grid_sampler_3d(s.t5, torch.from_numpy(theta).cuda(), None, how, "zeros",
                                                        True, out_shape=(n, n, n))
    def turned(name: str, order: int, interp: str, how: str, margin: float, **more: Any) -> Row:
        to = {"matrix": turn.zyx, "offset": turn.zyx_shift, "order": order,
              "mode": "constant" if order < 2 else "mirror"}
        def cupy_turn(s: Source) -> Any:
            return cndi.affine_transform(s.cp, **{**to, "matrix": cp.asarray(turn.zyx), "offset": turn.zyx_shift})
        peers: dict[str, Call] = {"CuPy": cupy_turn}
        if how: peers.update({"PyTorch": torch_turn(how), "FireANTs": fire_turn(how)})
        return Row(name, op("resample_affine", matrix, sizes(n, n, n), struct="mv_resample_opt", interp=interp),
                   ndi and (lambda a: ndi.affine_transform(a, **to)), peers, where=turn.inside(margin), **more)
    return [
        resize("to 0.7 of the spacing, nearest", m, 0, "nearest", "nearest-exact", share=0.1, tol=1e-3),
        resize("to 0.7 of the spacing, linear", m, 1, "linear", "trilinear", tol=0.05),
        resize("to 0.7 of the spacing, cubic", m, 3, "cubic", "", tol=0.05, where=interior(spline), read=20),
        resize("to half the voxels, linear", h, 1, "linear", "trilinear", tol=0.05),
        turned("turned by 10 degrees, nearest", 0, "nearest", "nearest", 1, share=1e-3),
        turned("turned by 10 degrees, linear", 1, "linear", "bilinear", 1, tol=0.05),
        turned("turned by 10 degrees, cubic", 3, "cubic", "", spline, tol=0.05, read=20),
    ]


def fourier(n: int) -> list[Row]:
    half = (n, n, n // 2 + 1)
    return [
        Row("FFT c64", op("fft", struct="mv_fft_opt", axes=7), lambda a: np.fft.fftn(a), {
            "CuPy": lambda s: cp.fft.fftn(s.cp), "PyTorch": lambda s: torch.fft.fftn(s.t)},
            out=C64, source="c64", read=24, written=24, tol=0.02 * n ** 0.5, needs=("mv_cuda_fft",)),
        Row("FFT of reals", op("rfft", struct="mv_fft_opt", axes=7), lambda a: np.fft.rfftn(a), {
            "CuPy": lambda s: cp.fft.rfftn(s.cp), "PyTorch": lambda s: torch.fft.rfftn(s.t)},
            half, C64, source="noise", read=4 + 16, written=8, tol=0.02 * n ** 0.5, needs=("mv_cuda_rfft",)),
    ]


def filters(n: int) -> list[Row]:
    def gaussian(sigma: float) -> Row:
        how = {"sigma": sigma, "mode": "nearest", "truncate": 4}
        ours = op("gaussian", (c_double * 3)(*[sigma] * 3), struct="mv_gaussian_opt", border="border_edge")
        return Row(f"Gaussian, sigma {sigma}", ours, ndi and (lambda a: ndi.gaussian_filter(a, **how)), {
            "CuPy": lambda s: cndi.gaussian_filter(s.cp, **how),
            "cuCIM": lambda s: cucim.filters.gaussian(s.cp, **how)}, tol=0.05,
            where=interior(min(9, n // 3)), needs=("mv_cuda_gaussian",))
    weights = np.random.default_rng(5).random((5, 5, 5), F32)
    kernel = weights / weights.sum()
    def torch_convolve(s: Source) -> Any:
        return torch.nn.functional.conv3d(s.t5, s.extra.t.flip((0, 1, 2))[None, None], padding=2)
    return [
        gaussian(1), gaussian(2), gaussian(5),
        Row("mean of 5 x 5 x 5", op("box_mean", sizes(2, 2, 2), struct="mv_box_opt", border="border_edge"),
            ndi and (lambda a: ndi.uniform_filter(a, 5, mode="nearest")), {
            "CuPy": lambda s: cndi.uniform_filter(s.cp, 5, mode="nearest")}, tol=0.01, needs=("mv_cuda_box_mean",)),
        Row("convolution with 5 x 5 x 5", lambda g, d, s, k: g.call("mv_cuda_convolve", d, s, k, None),
            ndi and (lambda a: ndi.convolve(a, kernel, mode="constant")), {
            "CuPy": lambda s: cndi.convolve(s.cp, s.extra.cp, mode="constant"), "PyTorch": torch_convolve}, tol=0.05,
            needs=("mv_cuda_convolve",), extra=lambda: kernel),
    ]


def fields(n: int) -> list[Row]:
    """Warps by waves of 1.5 voxels: a field (x, y, z of each voxel, in voxels as the spacing is 1)."""
    def waves() -> np.ndarray:
        z, y, x = np.ogrid[:n, :n, :n]
        one = lambda a, b: (1.5 * np.sin(0.11 * a + 1) * np.cos(0.07 * b)).astype(F32)
        return np.stack([one(y, z) + 0 * x, one(z, x) + 0 * y, one(x, y) + 0 * z])[:, None].astype(F32)
    def warp(g: Any, d: Any, s: Any, f: Any) -> None:
        chain = medvol.STRUCTS["mv_transform"]()
        chain.kind, chain.field = medvol.CONST["TRANSFORM_FIELD"], ctypes.addressof(f.volume)
        g.call("mv_cuda_warp", d, s, s, byref(chain), c_size_t(1), None)
    def places(xp: Any, field: Any) -> Any:
        return xp.stack(xp.meshgrid(*[xp.arange(n, dtype=F32)] * 3, indexing="ij")) + field[::-1, 0]
    def torch_grid(field: Any) -> Any:
        at = torch.meshgrid(*[torch.arange(n, device="cuda", dtype=torch.float32)] * 3, indexing="ij")
        at = torch.stack(at[::-1], -1) + field[:, 0].movedim(0, -1)
        return (at * (2 / (n - 1)) - 1)[None].contiguous()
    def torch_warp(s: Source) -> Any:
        f = s.extra
        if "grid" not in f.kept: f.kept["grid"] = torch_grid(f.t)
        return torch.nn.functional.grid_sample(s.t5, f.kept["grid"], align_corners=True)
    def cupy_warp(s: Source) -> Any:
        f = s.extra
        if "places" not in f.kept: f.kept["places"] = places(cp, f.cp)
        return cndi.map_coordinates(s.cp, f.kept["places"], order=1)
    return [Row("warp by a field, linear", warp,
                ndi and (lambda a: ndi.map_coordinates(a, places(np, waves()), order=1)),
                {"CuPy": cupy_warp, "PyTorch": torch_warp}, read=16, tol=0.5, where=interior(3),
                needs=("mv_cuda_warp",), extra=waves)]


def table(n: int) -> list[Row]:
    rows = [*intensity(n), *spatial(n), *resampling(n), *fourier(n), *filters(n), *fields(n)]
    for row in rows: row.peers = {name: f for name, f in row.peers.items() if not SMOKE and name not in MISSING}
    return [row for row in rows if set(row.needs) <= HAVE]


# ---- the bench ----
class EventClock(bench_python.Clock):
    """Samples by CUDA events on the default stream, in ms."""
    events: Any = None

    def sample(self) -> float:
        begin, end, ms = EventClock.events
        if self.short: self.next()
        begin.record()
        for _ in range(self.repeat): self.next()
        end.record()
        end.synchronize()
        took = ms() / self.repeat
        self.spent += 1e-3 * took * self.repeat
        return took


def sources_of(gpu: Any, memory: Any, n: int) -> Callable[[str], Source]:
    head, made = make_head(n), {}
    rng = np.random.default_rng(3)
    forms = {"f32": lambda: head, "i16": lambda: np.rint(head).astype(I16),
             "noise": lambda: rng.standard_normal(head.shape, F32),
             "c64": lambda: rng.standard_normal((*head.shape, 2), F32).view(C64)[..., 0]}
    def source(kind: str) -> Source:
        if kind not in made:
            made.clear()  # one at a time: they may be large
            made[kind] = Source(gpu, memory, forms[kind]())
        return made[kind]
    return source


def arguments(source: Source) -> list[Any]:
    return [source.volume] + ([source.extra.volume] if source.extra else [])


def check(row: Row, gpu: Any, memory: Any, source: Source, result: Any, volume: Any) -> tuple[int, list[str]]:
    """Comparisons made, errors; peers that raise are dropped."""
    errors, count = [], 0
    for _ in range(2): row.ours(gpu, volume, *arguments(source))  # the same again into what is there
    gpu.sync()
    ours = row.see(memory.get(result))
    calls = {name: lambda f=f: to_numpy(f(source)) for name, f in row.peers.items()}
    if SMOKE and row.reference: calls["reference"] = lambda: np.asarray(row.reference(source.np))
    for name, f in calls.items():
        count += 1
        try:
            want = f()
            wrong = bench_python.difference(row, want, ours.astype(want.dtype, copy=False))
        except Exception as e:
            wrong = f"{type(e).__name__}: {e}".split("\n")[0][:150]
            row.peers.pop(name, None)
        if wrong: errors.append(f"{row.op}: {name}: {wrong}")
    if not np.array_equal(memory.get(source.device), source.np): errors.append(f"{row.op}: source has changed")
    return count, errors


def summary(row: Row, n: int, memory: Any, times: dict[str, list[float]], moved: float,
            held: float) -> dict[str, Any]:
    mine = statistics.median(times["medvol"])
    peers = {name: statistics.median(t) for name, t in times.items() if name != "medvol"}
    best = min(peers, key=peers.get) if peers else ""
    return {"op": row.op, "shape": f"{n}x{n}x{n}", "dtype": row.source, "device": memory.name, "median_ms": mine,
            "min_ms": min(times["medvol"]), "n": len(times["medvol"]), "gb_s": 1e-6 * moved / mine,
            "l2": held <= memory.l2, "peer": best, "peer_ms": peers.get(best), "peers": peers,
            "speedup": peers[best] / mine if peers else None}


def line_of(r: dict[str, Any]) -> str:
    others = ", ".join(f"{name} {number(ms)}" for name, ms in sorted(r["peers"].items(), key=lambda p: p[1]))
    ratio = f"{number(r['speedup'])} x" if r["peers"] else ""
    return (f"{r['op']:32} {r['shape']:>11} {r['dtype']:5} {number(r['median_ms']):>8} ms {r['gb_s']:6.0f} GB/s"
            f"{' L2' if r['l2'] else '   '} {ratio:>8}  {others}")


def run(args: argparse.Namespace) -> tuple[list[dict], int, list[str]]:
    memory = backend()
    gpu = cuda_arrays.Gpu(str(LIBRARY))
    if not SMOKE: EventClock.events = memory.events()
    for name, why in MISSING.items(): print(f"left out: {name} ({why})", file=sys.stderr)
    results, compared, errors = [], 0, []
    for n in args.size:
        source_of = sources_of(gpu, memory, n)
        for row in table(n):
            if not re.search(args.op, row.op): continue
            source = source_of(row.source)
            source.extra = Source(gpu, memory, row.extra()) if row.extra else None
            result = memory.empty(row.shape or source.np.shape, row.out)
            with gpu.wrap(result) as volume:
                count, wrong = check(row, gpu, memory, source, result, volume)
                compared += count
                for line in wrong: print(f"ERROR {n} {line}", file=sys.stderr, flush=True)
                errors += wrong
                if SMOKE: continue
                calls: dict[str, Any] = {"medvol": lambda _: row.ours(gpu, volume, *arguments(source))}
                for name, f in row.peers.items(): calls[name] = lambda _, f=f: f(source)
                times = bench_python.measure(calls, args.budget, False, 0, EventClock)
                held = result.nbytes * (row.written > 0) + source.np.nbytes * (row.read > 0)
                moved = row.read * source.np.size + row.written * math.prod(row.shape or source.np.shape)
                results.append(summary(row, n, memory, times, moved, held))
                print(line_of(results[-1]), file=sys.stderr, flush=True)
    return results, compared, errors


def print_markdown(results: list[dict]) -> None:
    print("| operation | voxels | medvol, ms | GB/s | fastest peer, ms | | ratio |\n|---|---|---|---|---|---|---|")
    for r in results:
        peer = f"{number(r['peer_ms'])} | {r['peer']} | {number(r['speedup'])}" if r["peers"] else "| |"
        print(f"| {r['op']} ({r['dtype']}) | {r['shape']} | {number(r['median_ms'])} | {r['gb_s']:.0f}"
              f"{' (L2)' if r['l2'] else ''} | {peer} |")


def main(argv: list[str]) -> int:
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--size", type=bench_python.numbers, default=[128, 256, 512])
    p.add_argument("--op", default="")
    p.add_argument("--budget", type=float, default=2.0)
    p.add_argument("--json", type=Path)
    for flag in ("--markdown", "--smoke"): p.add_argument(flag, action="store_true")
    args = p.parse_args(argv)
    if SMOKE: args.size = [24]
    warnings.filterwarnings("ignore")
    results, compared, errors = run(args)
    if args.json: args.json.write_text(json.dumps(results, indent=1))
    if args.markdown: print_markdown(results)
    if not compared and not results: sys.exit(f"--op {args.op}: no such row, or nothing to compare it with")
    print(f"bench_cuda{' (emulated)' if SMOKE else ''}: {compared - len(errors)} passed, {len(errors)} failed")
    return 1 if errors else 0


if __name__ == "__main__": sys.exit(main(sys.argv[1:]))
