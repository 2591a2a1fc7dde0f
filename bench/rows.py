"""rows.py - the rows of bench_python.py: what medvol does, and the peers that do the same, in the same form.

A row's callables take (s, d): a Source, and an array to write into, or None. `ours` serves both forms: with d
it is compared with `peers`, which write into d; without, with `new`, which allocate their result. A peer that
is not installed is left out; objects of each library that hold the head are made before."""
from __future__ import annotations

import ctypes
import ctypes.util
import gzip
import importlib
import math
import os
import re
import tempfile
import zlib
from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path
from typing import Any, Callable

import numpy as np

import medvol

MODULES = {"numpy": "numpy", "scipy": "scipy.ndimage", "scipy.fft": "scipy.fft", "OpenCV": "cv2",
           "SimpleITK": "SimpleITK", "torch": "torch", "MONAI": "monai.transforms", "TorchIO": "torchio",
           "scikit-image": "skimage.transform", "nibabel": "nibabel", "medrs": "medrs", "MKL": "mkl_fft",
           "cKDTree": "scipy.spatial", "numba": "numba", "lz4": "lz4.block", "FINUFFT": "finufft",
           "ducc0": "ducc0", "SigPy": "sigpy", "mri-nufft": "mrinufft", "torchkbnufft": "torchkbnufft"}
MISSING: dict[str, str] = {}


class _Absent:
    """Stands for a module that is not there: all of it can be named, nothing is called."""

    def __getattr__(self, name: str) -> "_Absent":
        return self

    def __call__(self, *args: Any, **options: Any) -> "_Absent":
        return self


def _import(name: str) -> Any:
    try:
        return importlib.import_module(MODULES.get(name, name))
    except ImportError as e:
        MISSING[name] = str(e)
        return _Absent()


(ndi, sfft, cv2, sitk, torch, monai, tio, skt, nib, medrs, mkl_fft, trees, numba,
 lz4_block, finufft, ducc0, sigpy, mrinufft, tkbn) = map(_import, list(MODULES)[1:])
if "scikit-image" not in MISSING:
    from skimage import exposure, filters
if "torch" not in MISSING:
    interpolate, torch_pad = torch.nn.functional.interpolate, torch.nn.functional.pad
_deflate = ctypes.util.find_library("deflate")
_deflate = ctypes.CDLL(_deflate) if _deflate else None
if not _deflate: MISSING["libdeflate"] = "no such library"
_lz4 = ctypes.util.find_library("lz4")
_lz4 = ctypes.CDLL(_lz4) if _lz4 else None
if not _lz4: MISSING["liblz4"] = "no such library"
VERSIONS = {name: getattr(importlib.import_module(MODULES[name].split(".")[0]), "__version__", "")
            for name in MODULES if name not in MISSING}
# i runs to P, j to I, k to R
AFFINE = np.array([[0, 0, 0.9, -80.0], [-0.9, 0, 0, 90], [0, -0.9, 0, 70], [0, 0, 0, 1]])
F32, I16, U8 = np.float32, np.int16, np.uint8


WORKERS = [1]  # of scipy.fft and cKDTree


def set_threads(threads: int) -> None:
    """For the libraries that can be told; others read OMP_NUM_THREADS and RAYON_NUM_THREADS as they start."""
    WORKERS[0] = threads
    if "torch" not in MISSING: torch.set_num_threads(threads)
    if "OpenCV" not in MISSING: cv2.setNumThreads(threads)
    if "numba" not in MISSING: numba.set_num_threads(min(threads, numba.config.NUMBA_NUM_THREADS))
    if "SimpleITK" not in MISSING: sitk.ProcessObject.SetGlobalDefaultNumberOfThreads(threads)


def make_head(n: int) -> np.ndarray:
    """A noisy head; no voxel is 0."""
    rng = np.random.default_rng(1)
    z, y, x = np.meshgrid(*[np.linspace(-1, 1, n, dtype=F32)] * 3, indexing="ij", sparse=True)
    head = np.where(x * x + y * y / 1.2 + z * z < 0.7, 500 + 150 * np.sin(9 * x) * np.cos(7 * y + 3 * z), 0)
    return np.abs(head.astype(F32) + 20 * rng.standard_normal(head.shape, F32))


def itk_world(s: "Source") -> Any:
    image = sitk.GetImageFromArray(s.f32)
    lps = np.diag([-1, -1, 1, 1]) @ AFFINE
    image.SetDirection((lps[:3, :3] / 0.9).ravel().tolist())
    image.SetSpacing([0.9] * 3)
    image.SetOrigin(lps[:3, 3].tolist())
    return image


FORMS: dict[str, Callable[["Source"], Any]] = {
    "i16": lambda s: s.f32.round().astype(I16),
    "c64": lambda s: np.random.default_rng(3).standard_normal(
        (*s.f32.shape, 2), F32).view(np.complex64)[..., 0],
    "noise": lambda s: np.random.default_rng(4).standard_normal(s.f32.shape, F32),
    "vnoise": lambda s: medvol.Volume(s.noise), "tnoise": lambda s: torch.from_numpy(s.noise),
    "vc64": lambda s: medvol.Volume(s.c64), "tc64": lambda s: torch.from_numpy(s.c64),
    "hollow": lambda s: np.where(s.f32 > 100, s.f32, F32(0)),
    "rough": lambda s: np.abs(s.f32 + 120 * np.random.default_rng(2).standard_normal(s.f32.shape, F32)),
    "flat": lambda s: flat(s.f32),
    "v": lambda s: medvol.Volume(s.f32), "v16": lambda s: medvol.Volume(s.i16),
    "vhollow": lambda s: medvol.Volume(s.hollow), "vrough": lambda s: medvol.Volume(s.rough),
    "world": lambda s: medvol.Volume(s.f32, AFFINE),
    "t": lambda s: torch.from_numpy(s.f32), "t4": lambda s: s.t[None], "t5": lambda s: s.t[None, None],
    "ti16": lambda s: torch.from_numpy(s.i16), "thollow": lambda s: torch.from_numpy(s.hollow)[None],
    # MONAI's and TorchIO's axes are i, j, k: the same memory seen as (1, x, y, z)
    "meta": lambda s: importlib.import_module("monai.data").MetaTensor(
        s.t.permute(2, 1, 0)[None], affine=AFFINE),
    "itk": lambda s: sitk.GetImageFromArray(s.f32), "itk_i16": lambda s: sitk.GetImageFromArray(s.i16),
    "itk_world": itk_world,
    "med": lambda s: medrs.NiftiImage(s.f32), "med_file": lambda s: medrs.NiftiImage(s.f32.T)}


class Source:
    """One copy of the head, in the forms that the libraries take; made when first asked for."""

    def __init__(self, head: np.ndarray):
        self.f32 = head.copy()

    def __getattr__(self, name: str) -> Any:
        if name not in FORMS: raise AttributeError(name)
        setattr(self, name, FORMS[name](self))
        return getattr(self, name)


def flat(a: np.ndarray) -> np.ndarray:
    """Two axes, for OpenCV."""
    return a.reshape(a.shape[0], -1)


def as_array(r: Any) -> np.ndarray:
    """A peer's result as an array (z, y, x)."""
    if isinstance(r, np.ndarray): a = r
    elif isinstance(r, medvol.Volume): a = r.array
    elif isinstance(r, os.PathLike): a = medvol.Context(threads=1).load(r).array
    elif "SimpleITK" not in MISSING and isinstance(r, sitk.Image): a = sitk.GetArrayFromImage(r)
    elif "medrs" not in MISSING and isinstance(r, medrs.NiftiImage): a = r.to_numpy()
    elif "torch" not in MISSING and isinstance(r, torch.Tensor): a = r.numpy()
    else: a = np.array(r, float)
    return a.reshape(a.shape[-3:]) if a.ndim > 3 else a


Call = Callable[[Source, Any], Any]


@dataclass
class Row:
    """tol: largest absolute difference allowed; share: part of the voxels that may exceed it (ties); where: a
    mask or slices of the voxels compared, when borders differ by definition; note: says why."""
    op: str
    ours: Call
    peers: dict[str, Call] = field(default_factory=dict)
    new: dict[str, Call] = field(default_factory=dict)
    out: Callable[[Source], np.ndarray] | None = None   # an array to write into
    dtype: str = "f32"
    tol: float = 0.0
    share: float = 0.0
    where: Any = None
    cheap: bool = False                                 # at memory speed: timed at 512, too
    see: Callable[[Any], np.ndarray] = as_array
    note: str = ""
    shape: tuple[int, ...] = ()                         # of its own, x first, whatever the head's size is


def like(shape: Any, dtype: Any = F32) -> Callable[[Source], np.ndarray]:
    return lambda s: np.ones(shape, dtype)


def like_source(s: Source) -> np.ndarray:
    return np.ones_like(s.f32)


def interior(margin: int) -> Any:
    return (slice(margin, -margin),) * 3


# ---- intensity ----
def numpy_znorm(s: Source, d: Any) -> Any:
    np.subtract(s.f32, s.f32.mean(), out=d)
    return np.divide(d, s.f32.std(), out=d)


def cv2_linear(s: Source, d: Any, a: float, b: float) -> Any:
    cv2.addWeighted(s.flat, a, s.flat, 0, b, dst=flat(d))
    return d


def cv2_znorm(s: Source, d: Any) -> Any:
    mean, sd = (v[0, 0] for v in cv2.meanStdDev(s.flat))
    return cv2_linear(s, d, 1 / sd, -mean / sd)


def torch_linear(t: Any, a: float, b: float, d: Any = None) -> Any:
    return torch.add(torch.tensor(b), t, alpha=a, out=None if d is None else torch.from_numpy(d))


def torch_znorm(s: Source, d: Any) -> Any:
    sd, mean = (v.item() for v in torch.std_mean(s.t, unbiased=False))
    return torch_linear(s.t, 1 / sd, -mean / sd, d)


def torch_rescale(s: Source, d: Any) -> Any:
    lo, hi = (v.item() for v in torch.aminmax(s.t))
    return torch_linear(s.t, 1 / (hi - lo), -lo / (hi - lo), d)


def numpy_rescale(s: Source, d: Any) -> Any:
    lo, hi = s.f32.min(), s.f32.max()
    return np.divide(np.subtract(s.f32, lo, out=d), hi - lo, out=d)


def cv2_rescale(s: Source, d: Any) -> Any:
    cv2.normalize(s.flat, flat(d), 0, 1, cv2.NORM_MINMAX)
    return d


def cv2_clamp(s: Source, d: Any) -> Any:
    cv2.max(s.flat, 100.0, dst=flat(d))
    cv2.min(flat(d), 600.0, dst=flat(d))
    return d


def cv2_call(f: Callable[[np.ndarray, np.ndarray], Any]) -> Call:
    """f(source, destination), both with two axes."""
    def run(s: Source, d: Any) -> Any:
        f(s.flat, flat(d))
        return d
    return run


def cv2_stats(s: Source, d: Any) -> Any:
    mean, sd = cv2.meanStdDev(s.flat)
    return [mean[0, 0], sd[0, 0], *cv2.minMaxLoc(s.flat)[:2]]


def itk_stats(s: Source, d: Any) -> Any:
    f = sitk.StatisticsImageFilter()
    f.Execute(s.itk)
    return [f.GetMean(), f.GetSigma(), f.GetMinimum(), f.GetMaximum()]


def numpy_round(s: Source, d: Any) -> Any:
    np.rint(s.f32, out=d, casting="unsafe")
    return d


def tio_call(make: Callable[[], Any]) -> Call:
    """A TorchIO transform; the image is made around the tensor, without a copy."""
    transform = make() if "TorchIO" not in MISSING else None
    return lambda s, d: transform(tio.ScalarImage(tensor=s.t4)).data


def monai_call(make: Callable[[], Any], source: str = "t4") -> Call:
    """A MONAI transform. Those that cut give a view, which is made contiguous here: all copy, or none."""
    transform = make() if "MONAI" not in MISSING else None
    return lambda s, d: transform(getattr(s, source)).contiguous()


def maps(c: medvol.Context) -> list[Row]:
    return [
        Row("z_norm", lambda s, d: c.znorm(s.v, out=d), {
            "numpy": numpy_znorm, "OpenCV": cv2_znorm, "torch": torch_znorm}, {
            "MONAI": monai_call(lambda: monai.NormalizeIntensity()),
            "medrs": lambda s, d: s.med.z_normalize()}, like_source, tol=2e-4, cheap=True),
        Row("z_norm, sample", lambda s, d: c.znorm(s.v, out=d, sample=1), new={
            "TorchIO": tio_call(lambda: tio.ZNormalization(copy=False)),
            "SimpleITK": lambda s, d: sitk.Normalize(s.itk)}, tol=2e-4,
            note="TorchIO and ITK divide by n - 1"),
        Row("z_norm, nonzero", lambda s, d: c.znorm(s.vhollow, out=d, nonzero=1), new={
            "MONAI": monai_call(lambda: monai.NormalizeIntensity(nonzero=True), "thollow")}, tol=2e-4),
        Row("rescale", lambda s, d: c.rescale(s.v, 0, 1, out=d), {
            "numpy": numpy_rescale, "OpenCV": cv2_rescale, "torch": torch_rescale}, {
            "MONAI": monai_call(lambda: monai.ScaleIntensity(0, 1)),
            "TorchIO": tio_call(lambda: tio.RescaleIntensity((0, 1), copy=False)),
            "SimpleITK": lambda s, d: sitk.RescaleIntensity(s.itk, 0, 1),
            "scikit-image": lambda s, d: exposure.rescale_intensity(s.f32, out_range=(0.0, 1.0)),
            "medrs": lambda s, d: s.med.rescale(0, 1)}, like_source, tol=1e-5, cheap=True),
        Row("clamp", lambda s, d: c.clamp(s.v, 100, 600, out=d), {
            "numpy": lambda s, d: np.clip(s.f32, 100, 600, out=d),
            "OpenCV": cv2_clamp,
            "torch": lambda s, d: torch.clamp(s.t, 100, 600, out=torch.from_numpy(d))}, {
            "torch": lambda s, d: torch.clamp(s.t, 100, 600),
            "TorchIO": tio_call(lambda: tio.Clamp(100, 600, copy=False)),
            "SimpleITK": lambda s, d: sitk.Clamp(s.itk, sitk.sitkFloat32, 100, 600),
            "medrs": lambda s, d: s.med.clamp(100, 600)}, like_source, cheap=True),
        Row("linear", lambda s, d: c.linear(s.v, 1.7, -3, out=d), {
            "numpy": lambda s, d: np.add(np.multiply(s.f32, 1.7, out=d), -3, out=d),
            "OpenCV": lambda s, d: cv2_linear(s, d, 1.7, -3),
            "torch": lambda s, d: torch_linear(s.t, 1.7, -3.0, d)}, {
            "SimpleITK": lambda s, d: sitk.ShiftScale(s.itk, -3 / 1.7, 1.7)},
            like_source, tol=4e-4, cheap=True),
        Row("threshold", lambda s, d: c.threshold(s.v, 300, np.inf, out=d, open=1), {
            "numpy": lambda s, d: np.multiply(s.f32, s.f32 > 300, out=d),
            "OpenCV": cv2_call(lambda a, b: cv2.threshold(a, 300, 0, cv2.THRESH_TOZERO, dst=b))}, {
            "torch": lambda s, d: torch.nn.functional.threshold(s.t, 300, 0),
            "MONAI": monai_call(lambda: monai.ThresholdIntensity(300)),
            "SimpleITK": lambda s, d: sitk.Threshold(s.itk, 300, 1e30, 0)}, like_source, cheap=True,
            note="values up to 300 become 0"),
        Row("threshold, binary", lambda s, d: c.threshold(s.v, 300, np.inf, out=d, binary=1, open=1), {
            "numpy": lambda s, d: np.greater(s.f32, 300, out=d.view(bool)),
            "torch": lambda s, d: torch.gt(s.t, 300, out=torch.from_numpy(d.view(bool)))}, {
            "SimpleITK": lambda s, d: sitk.BinaryThreshold(s.itk, 300, 1e30)},
            lambda s: np.zeros(s.f32.shape, U8), cheap=True, note="to u8"),
        Row("gamma", lambda s, d: c.gamma(s.v, 0.7, out=d), {
            "numpy": lambda s, d: np.power(s.f32, F32(0.7), out=d),
            "OpenCV": cv2_call(lambda a, b: cv2.pow(a, 0.7, dst=b)),
            "torch": lambda s, d: torch.pow(s.t, 0.7, out=torch.from_numpy(d))}, {
            "TorchIO": tio_call(lambda: tio.Gamma(0.7, copy=False)),
            "scikit-image": lambda s, d: exposure.adjust_gamma(s.f32, 0.7),
            "medrs": lambda s, d: medrs.random_gamma(s.med, (0.7, 0.7), 1)}, like_source, tol=2e-4),
        Row("gamma, normalised", lambda s, d: c.gamma(s.v, 0.7, out=d, mode="gamma_normalised"), new={
            "MONAI": monai_call(lambda: monai.AdjustContrast(0.7))}, tol=1e-3),
        Row("cast i16 to f32", lambda s, d: c.convert(s.v16, F32, out=d), {
            "numpy": lambda s, d: np.copyto(d, s.i16) or d,
            "torch": lambda s, d: torch.from_numpy(d).copy_(s.ti16)}, {
            "numpy": lambda s, d: s.i16.astype(F32),
            "torch": lambda s, d: s.ti16.float(),
            "SimpleITK": lambda s, d: sitk.Cast(s.itk_i16, sitk.sitkFloat32)},
            like_source, "i16", cheap=True),
        Row("cast f32 to i16", lambda s, d: c.convert(s.v, I16, out=d), {
            "numpy": numpy_round}, {
            "numpy": lambda s, d: np.rint(s.f32).astype(I16),
            "torch": lambda s, d: torch.round(s.t).to(torch.int16)},
            lambda s: np.ones_like(s.i16), cheap=True),
    ]


def measures(c: medvol.Context, n: int) -> list[Row]:
    quantiles = lambda s, d: torch.quantile(s.t.view(-1), torch.tensor([0.01, 0.99]))
    return [
        Row("statistics", lambda s, d: (lambda r: [r.mean, r.sd, r.min, r.max])(c.stats(s.v)), new={
            "numpy": lambda s, d: [s.f32.mean(), s.f32.std(), s.f32.min(), s.f32.max()],
            "OpenCV": cv2_stats,
            "torch": lambda s, d: [*torch.std_mean(s.t, unbiased=False)[::-1], *torch.aminmax(s.t)],
            "SimpleITK": itk_stats}, tol=0.01, cheap=True,
            note="mean, sd, min, max; ITK's sd is the sample's"),
        Row("percentiles 1, 99", lambda s, d: c.percentiles(s.v, (1, 99)), new={
            "numpy": lambda s, d: np.percentile(s.f32, (1, 99)),
            **({"torch": quantiles} if n ** 3 < 1 << 24 else {})}, tol=1e-3,
            note="torch refuses 2^24 values and more"),
        Row("percentiles 1, 99 of i16", lambda s, d: c.percentiles(s.v16, (1, 99)), new={
            "numpy": lambda s, d: np.percentile(s.i16, (1, 99))}, dtype="i16"),
        Row("median", lambda s, d: c.median(s.v), new={
            "numpy": lambda s, d: np.median(s.f32), "torch": lambda s, d: torch.median(s.t),
            "scipy": lambda s, d: ndi.median(s.f32)}, tol=0.1,
            note="torch takes the lower of the middle two"),
        Row("histogram, 256 bins", lambda s, d: c.histogram(s.v, 256, lo=0, hi=800)[0], new={
            "numpy": lambda s, d: np.histogram(s.f32, 256, (0, 800))[0],
            "OpenCV": lambda s, d: cv2.calcHist([s.flat], [0], None, [256], [0, 800]).ravel(),
            "torch": lambda s, d: torch.histc(s.t, 256, 0, 800),
            "scipy": lambda s, d: ndi.histogram(s.f32, 0, 800, 256)}, tol=1 + n ** 3 * 1e-6,
            note="bounds given; values on an edge may fall to either side"),
        Row("otsu", lambda s, d: c.otsu(s.vrough), new={
            "scikit-image": lambda s, d: filters.threshold_otsu(s.rough)}, tol=10,
            note="more noise, so that one bin is best; scikit-image sums counts in f32, hence two bins"),
    ]


# ---- spatial ----
def numpy_pad(s: Source, d: Any, p: int) -> Any:
    d[:] = 0
    d[p:-p, p:-p, p:-p] = s.f32
    return d


def foreground(s: Source, d: Any) -> Any:
    """As numpy does it: three projections, then the box."""
    m = s.f32 > 300
    plane = m.any(0)
    spans = [np.flatnonzero(v)[[0, -1]] for v in (m.any((1, 2)), plane.any(1), plane.any(0))]
    return s.f32[tuple(slice(a, b + 1) for a, b in spans)].copy()


def flip_row(c: medvol.Context, name: str, axes: tuple[int, ...], two: Callable[[np.ndarray], np.ndarray],
             code: int) -> Row:
    """two, code: how OpenCV flips it, as a matrix."""
    cut = tuple(slice(None, None, -1 if a in axes else 1) for a in range(3))
    return Row(name, lambda s, d: c.flip(s.v, axes, out=d), {
        "numpy": lambda s, d: np.copyto(d, s.f32[cut]) or d,
        "OpenCV": lambda s, d: cv2.flip(two(s.f32), code, dst=two(d)) is None or d}, {
        "numpy": lambda s, d: s.f32[cut].copy(),
        "torch": lambda s, d: torch.flip(s.t, axes),
        "MONAI": monai_call(lambda: monai.Flip(axes)),
        "TorchIO": tio_call(lambda: tio.Flip(axes, copy=False)),
        "SimpleITK": lambda s, d: sitk.Flip(s.itk, [a in axes for a in (2, 1, 0)]),
        "medrs": lambda s, d: s.med.flip(list(axes)).to_numpy()},
        like_source, cheap=True, note="medrs reverses strides: its copy into order is counted")


def permute_row(c: medvol.Context, name: str, order: tuple[int, ...]) -> Row:
    return Row(name, lambda s, d: c.permute(s.v, order, out=d), {
        "numpy": lambda s, d: np.copyto(d, s.f32.transpose(order)) or d,
        "OpenCV": lambda s, d: cv2.transposeND(s.f32[..., None], (*order, 3), dst=d[..., None])[..., 0],
        "torch": lambda s, d: torch.from_numpy(d).copy_(s.t.permute(order))}, {
        "numpy": lambda s, d: s.f32.transpose(order).copy(),
        "torch": lambda s, d: s.t.permute(order).contiguous(),
        "MONAI": monai_call(lambda: monai.Transpose((0, *(1 + a for a in order)))),
        "SimpleITK": lambda s, d: sitk.PermuteAxes(s.itk, [2 - a for a in order[::-1]])},
        like_source, cheap=True)


def tio_canonical() -> Call:
    transform = tio.ToCanonical(copy=False) if "TorchIO" not in MISSING else None
    return lambda s, d: transform(tio.ScalarImage(
        tensor=s.t.permute(2, 1, 0)[None], affine=AFFINE)).data[0].contiguous().permute(2, 1, 0)


def monai_orient() -> Call:
    transform = monai.Orientation("RAS", labels=None) if "MONAI" not in MISSING else None
    return lambda s, d: transform(s.meta)[0].contiguous().permute(2, 1, 0)


def nibabel_orient(s: Source, d: Any) -> Any:
    return np.ascontiguousarray(nib.as_closest_canonical(nib.Nifti1Image(s.f32.T, AFFINE)).dataobj).T


def spatial(c: medvol.Context, n: int) -> list[Row]:
    t = 3 * n // 4 // 2 * 2
    a, p = (n - t) // 2, n // 8
    box = (slice(a, a + t),) * 3
    mixed = (t, n + 2 * p, n)
    padded = like((n + 2 * p,) * 3)
    return [
        Row("crop to 3/4", lambda s, d: c.crop(s.v, (a,) * 3, (t,) * 3, out=d), {
            "numpy": lambda s, d: np.copyto(d, s.f32[box]) or d,
            "torch": lambda s, d: torch.from_numpy(d).copy_(s.t[box])}, {
            "numpy": lambda s, d: s.f32[box].copy(),
            "torch": lambda s, d: s.t[box].contiguous(),
            "MONAI": monai_call(lambda: monai.SpatialCrop(roi_start=(a,) * 3, roi_end=(a + t,) * 3)),
            "TorchIO": tio_call(lambda: tio.Crop(a, copy=False)),
            "SimpleITK": lambda s, d: sitk.RegionOfInterest(s.itk, (t,) * 3, (a,) * 3),
            "medrs": lambda s, d: s.med.crop_or_pad([t] * 3)}, like((t,) * 3), cheap=True,
            note="MONAI gives a view: its copy is counted"),
        Row("pad to 5/4", lambda s, d: c.pad(s.v, (p,) * 3, (p,) * 3, out=d), {
            "numpy": lambda s, d: numpy_pad(s, d, p)}, {
            "numpy": lambda s, d: np.pad(s.f32, p),
            "torch": lambda s, d: torch_pad(s.t, [p] * 6),
            "MONAI": monai_call(lambda: monai.BorderPad(p)),
            "TorchIO": tio_call(lambda: tio.Pad(p, copy=False)),
            "SimpleITK": lambda s, d: sitk.ConstantPad(s.itk, [p] * 3, [p] * 3, 0),
            "medrs": lambda s, d: s.med.crop_or_pad([n + 2 * p] * 3)}, padded, cheap=True),
        Row("pad to 5/4, reflect", lambda s, d: c.pad(s.v, (p,) * 3, (p,) * 3, mode="pad_reflect"), new={
            "numpy": lambda s, d: np.pad(s.f32, p, mode="reflect"),
            "torch": lambda s, d: torch_pad(s.t4, [p] * 6, mode="reflect"),
            "MONAI": monai_call(lambda: monai.BorderPad(p, mode="reflect")),
            "TorchIO": tio_call(lambda: tio.Pad(p, padding_mode="reflect", copy=False))}, cheap=True),
        Row("crop or pad", lambda s, d: c.crop_or_pad(s.v, mixed, out=d), new={
            "MONAI": monai_call(lambda: monai.ResizeWithPadOrCrop(mixed)),
            "TorchIO": tio_call(lambda: tio.CropOrPad(mixed, copy=False)),
            "medrs": lambda s, d: s.med.crop_or_pad(list(mixed))}, cheap=True,
            note="z to 3/4, y to 5/4; even differences, where the centre rules agree"),
        Row("crop foreground", lambda s, d: c.crop_foreground(s.v, above=1, threshold=300), new={
            "numpy": foreground,
            "MONAI": monai_call(lambda: monai.CropForeground(select_fn=lambda x: x > 300))},
            note="above 300; MONAI's copy of its view is counted"),
        flip_row(c, "flip x", (2,), lambda v: v.reshape(-1, v.shape[2]), 1),
        flip_row(c, "flip z", (0,), flat, 0),
        flip_row(c, "flip x y z", (0, 1, 2), lambda v: v.reshape(-1, v.shape[2]), -1),
        permute_row(c, "permute z y x", (2, 1, 0)),
        permute_row(c, "permute y z x", (2, 0, 1)),
        Row("rotate x y by 90", lambda s, d: c.rot90(s.v, 1, (1, 2), out=d), {
            "numpy": lambda s, d: np.copyto(d, np.rot90(s.f32, 1, (1, 2))) or d}, {
            "numpy": lambda s, d: np.rot90(s.f32, 1, (1, 2)).copy(),
            "torch": lambda s, d: torch.rot90(s.t, 1, (1, 2)).contiguous(),
            "MONAI": monai_call(lambda: monai.Rotate90(1, (1, 2)))}, like_source, cheap=True),
        Row("reorient PIR to RAS", lambda s, d: c.reorient(s.world, "RAS", out=d), {
            "numpy": lambda s, d: np.copyto(d, s.f32.transpose(1, 2, 0)[::-1, ::-1]) or d}, {
            "numpy": lambda s, d: s.f32.transpose(1, 2, 0)[::-1, ::-1].copy(),
            "nibabel": nibabel_orient,
            "MONAI": monai_orient(),
            "TorchIO": tio_canonical(),
            "SimpleITK": lambda s, d: sitk.DICOMOrient(s.itk_world, "RAS")}, like_source,
            cheap=True, note="views that nibabel, MONAI and TorchIO give are copied into order"),
    ]


# ---- resampling ----
def cv2_resize(n: int, m: int, how: int) -> Call:
    """x and y slice by slice, then z."""
    middle = np.empty((n, m, m), F32)
    def run(s: Source, d: Any) -> Any:
        for k in range(n): cv2.resize(s.f32[k], (m, m), dst=middle[k], interpolation=how)
        for k in range(m): d[:, k] = cv2.resize(middle[:, k], (m, m), interpolation=how)
        return d
    return run


def itk_resize(n: int, m: int, how: int) -> Call:
    step = n / m
    return lambda s, d: sitk.Resample(s.itk, [m] * 3, sitk.Transform(), how, [(step - 1) / 2] * 3, [step] * 3)


def resize_row(c: medvol.Context, n: int, m: int, name: str, interp: str, torch_mode: str, cv2_mode: int,
               itk_mode: int, order: int, **more: Any) -> Row:
    """Extents kept, borders repeated: torch's align_corners=False."""
    zoom = {"order": order, "mode": "nearest" if order < 2 else "mirror", "grid_mode": True}
    peers: dict[str, Call] = {"scipy": lambda s, d: ndi.zoom(s.f32, m / n, output=d, **zoom) is None or d}
    new: dict[str, Call] = {"SimpleITK": itk_resize(n, m, itk_mode)}
    if cv2_mode >= 0: peers["OpenCV"] = cv2_resize(n, m, cv2_mode)
    if torch_mode:
        new["torch"] = lambda s, d: interpolate(s.t5, (m, m, m), mode=torch_mode)
        new["MONAI"] = monai_call(lambda: monai.Resize((m, m, m), mode=torch_mode))
    if order < 2:
        how = "trilinear" if order else "nearest"
        new["medrs"] = lambda s, d: s.med.resample_to_shape([m] * 3, how)
    if order == 1:
        new["scikit-image"] = lambda s, d: skt.resize(s.f32, (m,) * 3, 1, "edge", anti_aliasing=False)
    ours = lambda s, d: c.resample_shape(s.v, (m, m, m), out=d, interp=interp, grid="grid_half_pixel")
    return Row(name, ours, peers, new, like((m, m, m)), **more)


class Turn:
    """About the centre by 0.17 about z and less about y and x."""

    def __init__(self, n: int):
        ax, ay, az = 0.4 * 0.17, 0.5 * 0.17, 0.17
        cx, cy, cz, sx, sy, sz = *np.cos((ax, ay, az)), *np.sin((ax, ay, az))
        x, y, z = map(np.array, (
            [[1, 0, 0], [0, cx, -sx], [0, sx, cx]], [[cy, 0, sy], [0, 1, 0], [-sy, 0, cy]],
            [[cz, -sz, 0], [sz, cz, 0], [0, 0, 1]]))
        centre = np.full(3, (n - 1) / 2)
        self.n, self.r = n, z @ x @ y
        self.shift = centre - self.r @ centre
        self.matrix = np.vstack([np.column_stack([self.r, self.shift]), [0, 0, 0, 1]])
        self.zyx, self.zyx_shift = self.r[::-1, ::-1], self.shift[::-1]

    def inside(self, margin: float) -> np.ndarray:
        """Voxels whose source lies that far from the border."""
        k = np.arange(self.n)
        mask = np.ones((self.n,) * 3, bool)
        for row, shift in zip(self.zyx, self.zyx_shift):
            at = row[0] * k[:, None, None] + row[1] * k[:, None] + row[2] * k + shift
            mask &= (at > margin) & (at < self.n - 1 - margin)
        return mask

    def itk(self, how: int) -> Call:
        if "SimpleITK" in MISSING: return lambda s, d: None
        transform = sitk.AffineTransform(3)
        transform.SetMatrix(self.r.ravel().tolist())
        transform.SetTranslation(self.shift.tolist())
        return lambda s, d: sitk.Resample(s.itk, s.itk, transform, how)

    def scipy(self, order: int) -> Call:
        return lambda s, d: ndi.affine_transform(s.f32, self.zyx, self.zyx_shift, output=d, order=order,
                                                 mode="constant" if order < 2 else "mirror") is None or d

    def torch(self, how: str) -> Call:
        if "torch" in MISSING: return lambda s, d: None
        theta = torch.tensor(np.column_stack([self.r, np.zeros(3)])[None], dtype=torch.float32)
        def run(s: Source, d: Any) -> Any:
            grid = torch.nn.functional.affine_grid(theta, [1, 1, self.n, self.n, self.n], align_corners=True)
            return torch.nn.functional.grid_sample(s.t5, grid, how, "zeros", align_corners=True)
        return run

    def monai(self, how: str) -> Call:
        matrix = np.eye(4)
        matrix[:3, :3] = self.zyx
        return monai_call(lambda: monai.Affine(affine=matrix, mode=how, padding_mode="zeros", image_only=True,
                                               align_corners=True))


def turn_row(c: medvol.Context, turn: Turn, name: str, interp: str, order: int, torch_mode: str,
             itk_mode: int, margin: float, **more: Any) -> Row:
    new = {"SimpleITK": turn.itk(itk_mode)}
    if torch_mode: new.update(torch=turn.torch(torch_mode), MONAI=turn.monai(torch_mode))
    shape = (turn.n,) * 3
    return Row(name, lambda s, d: c.resample_affine(s.v, turn.matrix, shape, out=d, interp=interp),
               {"scipy": turn.scipy(order)}, new, like_source, where=turn.inside(margin), **more)


def resampling(c: medvol.Context, n: int) -> list[Row]:
    m, h = round(n / 0.7), n // 2
    turn = Turn(n)
    corners = lambda s, d: c.resample_shape(s.v, (m,) * 3, out=d, grid="grid_align_corners")
    spline = 12 if n > 40 else 8  # voxels that feel how a prefilter begins
    ties = "ties of rounding may go either way"
    return [
        resize_row(c, n, m, "to 0.7 of the spacing, nearest", "nearest", "nearest-exact",
                   6, sitk_mode("NearestNeighbor"), 0, share=0.1, note=ties),
        resize_row(c, n, m, "to 0.7 of the spacing, linear", "linear", "trilinear",
                   1, sitk_mode("Linear"), 1, tol=0.05),
        resize_row(c, n, m, "to 0.7 of the spacing, cubic", "cubic", "",
                   -1, sitk_mode("BSpline"), 3, tol=0.05, where=interior(spline)),
        Row("to 0.7 of the spacing, cubic convolution",
            lambda s, d: c.resample_shape(s.v, (m,) * 3, out=d, interp="cubic_conv", a=-0.75,
                                          grid="grid_half_pixel"),
            {"OpenCV": cv2_resize(n, m, 2)}, out=like((m,) * 3), tol=0.05, where=interior(3)),
        resize_row(c, n, h, "to half the voxels, linear", "linear", "trilinear",
                   1, sitk_mode("Linear"), 1, tol=0.05),
        Row("to 0.7, corners aligned, linear", corners, new={
            "torch": lambda s, d: interpolate(s.t5, (m, m, m), mode="trilinear", align_corners=True),
            "MONAI": monai_call(lambda: monai.Resize((m,) * 3, mode="trilinear", align_corners=True))},
            tol=0.05),
        Row("to spacing 0.7, first voxels aligned",
            lambda s, d: c.resample_spacing(s.v, (0.7,) * 3, grid="grid_first", shape="shape_monai"), new={
            "MONAI": monai_call(lambda: monai.Spacing((0.7,) * 3, dtype=F32))}, tol=0.2, where=interior(2)),
        Row("to spacing 0.8, centre kept", lambda s, d: c.resample_spacing(s.v, (0.8,) * 3), new={
            "TorchIO": tio_call(lambda: tio.Resample(0.8, copy=False))}, tol=0.05, where=interior(2)),
        turn_row(c, turn, "turned by 10 degrees, nearest", "nearest", 0, "nearest",
                 sitk_mode("NearestNeighbor"), 1, share=1e-3, note=ties),
        turn_row(c, turn, "turned by 10 degrees, linear", "linear", 1, "bilinear",
                 sitk_mode("Linear"), 1, tol=0.05),
        turn_row(c, turn, "turned by 10 degrees, cubic", "cubic", 3, "",
                 sitk_mode("BSpline"), spline, tol=0.05),
    ]


def sitk_mode(name: str) -> int:
    return getattr(sitk, "sitk" + name)


# ---- files ----
class Files:
    """The head on disk, in a folder of its own."""

    def __init__(self, c: medvol.Context, head: np.ndarray):
        self.folder = tempfile.TemporaryDirectory()
        v = medvol.Volume(head, AFFINE)
        i16 = medvol.Volume(head.round().astype(I16), AFFINE)
        c.save(self["f32.nii"], v, no_sync=1)
        c.save(self["i16.nii"], i16, no_sync=1)
        c.save(self["block.nii.gz"], i16, no_sync=1)
        with open(self["i16.nii"], "rb") as f: self.nii = f.read()
        self.gz = gzip.compress(self.nii, 6)
        with open(self["plain.nii.gz"], "wb") as f: f.write(self.gz)
        self.shape = head.shape

    def __getitem__(self, name: str) -> Any:
        return Path(self.folder.name) / name


def read_into(path: Any, d: Any) -> Any:
    with open(path, "rb", buffering=0) as f:
        f.seek(352)
        f.readinto(d)
    return d


def itk_box(path: Any, a: int, t: int) -> Any:
    reader = sitk.ImageFileReader()
    reader.SetFileName(str(path))
    reader.SetExtractIndex([a] * 3)
    reader.SetExtractSize([t] * 3)
    return reader.Execute()


def itk_header(path: Any) -> Any:
    reader = sitk.ImageFileReader()
    reader.SetFileName(str(path))
    reader.ReadImageInformation()
    return reader.GetSize()[::-1]


def nib_load(path: Any) -> Any:
    return np.asarray(nib.load(path, mmap=False).dataobj).T


def gz_load_row(c: medvol.Context, f: Files, name: str, file: str) -> Row:
    path = f[file]
    load = monai.LoadImage(image_only=True, dtype=None) if "MONAI" not in MISSING else None
    return Row(name, lambda s, d: c.load(path, out=d), new={
        "nibabel": lambda s, d: nib_load(path),
        "SimpleITK": lambda s, d: sitk.ReadImage(str(path)),
        "MONAI": lambda s, d: load(path).permute(2, 1, 0),
        "TorchIO": lambda s, d: tio.ScalarImage(path).data[0].permute(2, 1, 0),
        "medrs": lambda s, d: medrs.load(str(path)).to_numpy_native().T}, dtype="i16")


def written(f: Files, name: str, write: Callable[[str, Source], Any]) -> Call:
    path = f[name]
    def run(s: Source, d: Any) -> Any:
        write(str(path), s)
        return path
    return run


class Deflate:
    """libdeflate through ctypes, whole buffers."""

    def __init__(self, room: int):
        self.room = ctypes.create_string_buffer(room)
        self.coders: dict[int, Any] = {}

    def pack(self, level: int) -> Call:
        make, run = _deflate.libdeflate_alloc_compressor, _deflate.libdeflate_gzip_compress
        make.restype, run.restype = ctypes.c_void_p, ctypes.c_size_t
        coder = ctypes.c_void_p(make(level))
        def call(s: Source, d: Any) -> Any:
            n = run(coder, s.i16.ctypes.data_as(ctypes.c_void_p), ctypes.c_size_t(s.i16.nbytes), self.room,
                    ctypes.c_size_t(len(self.room)))
            return memoryview(self.room)[:n]
        return call

    def unpack(self, gz: bytes) -> Call:
        make, run = _deflate.libdeflate_alloc_decompressor, _deflate.libdeflate_gzip_decompress
        make.restype = ctypes.c_void_p
        coder = ctypes.c_void_p(make())
        def call(s: Source, d: Any) -> Any:
            run(coder, gz, ctypes.c_size_t(len(gz)), d.ctypes.data_as(ctypes.c_void_p),
                ctypes.c_size_t(d.size), None)
            return d
        return call


def room_of(d: Any) -> Any:
    return None if d is None else np.asarray(d)


def gzip_rows(c: medvol.Context, f: Files) -> list[Row]:
    decoded = lambda r: np.frombuffer(gzip.decompress(bytes(r)), I16)
    room = len(f.nii) + len(f.nii) // 8 + 100000
    lib = Deflate(room) if _deflate else None
    unpack = {"libdeflate": lib.unpack(f.gz)} if lib else {}
    rows = [Row("gzip, decoded in memory", lambda s, d: c.gzip_unpack(f.gz, len(f.nii), out=room_of(d)),
                unpack, {"zlib": lambda s, d: np.frombuffer(zlib.decompress(f.gz, 31, len(f.nii)), U8)},
                like(len(f.nii), U8), "i16")]
    for level in (1, 6):
        rows.append(Row(
            f"gzip, level {level}, in memory",
            lambda s, d, level=level: c.gzip_pack(s.i16, out=room_of(d), level=level, container="gzip_plain"),
            {"libdeflate": lib.pack(level)} if lib else {},
            {"zlib": lambda s, d, level=level: zlib.compress(s.i16, level, 31)}, like(room, U8), "i16",
            see=decoded, note="the sizes differ"))
    return rows


def files(c: medvol.Context, n: int, head: np.ndarray) -> list[Row]:
    f = Files(c, head)
    t, a = n // 2, n // 4
    box = (slice(a, a + t),) * 3
    f32, shape = f["f32.nii"], head.shape
    load = monai.LoadImage(image_only=True) if "MONAI" not in MISSING else None
    nifti = lambda a: nib.Nifti1Image(a.T, AFFINE)
    return [
        Row("load .nii", lambda s, d: c.load(f32, out=d), {
            "numpy": lambda s, d: read_into(f32, d)}, {
            "numpy": lambda s, d: np.fromfile(f32, F32, offset=352).reshape(shape),
            "nibabel": lambda s, d: nib_load(f32),
            "SimpleITK": lambda s, d: sitk.ReadImage(str(f32)),
            "MONAI": lambda s, d: load(f32).permute(2, 1, 0),
            "TorchIO": lambda s, d: tio.ScalarImage(f32).data[0].permute(2, 1, 0),
            "medrs": lambda s, d: medrs.load(str(f32)).to_numpy().T}, like(shape), cheap=True,
            note="from the page cache; numpy knows no header"),
        Row("load a box of .nii", lambda s, d: c.load(f32, start=(a,) * 3, size=(t,) * 3), new={
            "nibabel": lambda s, d: np.array(nib.load(f32).dataobj[box]).T,
            "SimpleITK": lambda s, d: itk_box(f32, a, t),
            "medrs": lambda s, d: medrs.load_cropped(str(f32), [a] * 3, [t] * 3).to_numpy().T},
            note="half of each axis"),
        Row("header of .nii", lambda s, d: c.header(f32).shape, new={
            "nibabel": lambda s, d: nib.load(f32).shape[::-1],
            "SimpleITK": lambda s, d: itk_header(f32)}, note="shape and geometry"),
        Row("map .nii", lambda s, d: c.map(f32).array, new={
            "numpy": lambda s, d: np.memmap(f32, F32, "c", 352, shape),
            "nibabel": lambda s, d: np.asanyarray(nib.load(f32, mmap="c").dataobj).T},
            note="no voxel is touched"),
        gz_load_row(c, f, "load .nii.gz, one member", "plain.nii.gz"),
        gz_load_row(c, f, "load .nii.gz, block gzip", "block.nii.gz"),
        Row("save .nii", written(f, "o1.nii", lambda p, s: c.save(p, s.world, no_sync=1)), new={
            "nibabel": written(f, "o2.nii", lambda p, s: nib.save(nifti(s.f32), p)),
            "SimpleITK": written(f, "o3.nii", lambda p, s: sitk.WriteImage(s.itk, p)),
            "medrs": written(f, "o4.nii", lambda p, s: s.med_file.save(p))},
            note="nobody waits for the disk"),
        Row("save .nii.gz, level 1", written(f, "o1.nii.gz", lambda p, s: c.save(p, s.v16, no_sync=1)), new={
            "nibabel": written(f, "o2.nii.gz", lambda p, s: nib.save(nifti(s.i16), p)),
            "SimpleITK": written(f, "o3.nii.gz", lambda p, s: sitk.WriteImage(s.itk_i16, p, True, 1))},
            dtype="i16", note="nobody waits for the disk"),
        *gzip_rows(c, f),
    ]


# ---- Fourier transforms ----
def as_pairs(r: Any) -> np.ndarray:
    return np.ascontiguousarray(as_array(r)).view(F32)


def torch_fft() -> str:
    """Whose transforms torch calls on a processor, as it says itself."""
    if "torch" in MISSING or not torch.backends.mkl.is_available(): return "pocketfft"
    version = re.search(r"Math Kernel Library Version (\w+(\.\w+)*)", torch.__config__.show())
    return f"MKL {version[1]}" if version else "MKL"


def mkl_version() -> str:
    """Of the library that mkl_fft loaded, as it says itself; "" where it cannot be asked."""
    try:
        maps = Path("/proc/self/maps").read_text()
        path = re.search(r"/\S*/libmkl_rt\S*", maps)
        text = ctypes.create_string_buffer(200)
        ctypes.CDLL(path[0]).mkl_get_version_string(text, len(text))
        return re.search(r"Version ([\d.]+)", text.value.decode())[1]
    except (OSError, AttributeError, TypeError):
        return ""


def fourier(c: medvol.Context) -> list[Row]:
    unitary = medvol.CONST["FFT_UNITARY"]
    whose = f"of noise; scipy's is pocketfft, torch's {torch_fft()}" + (
        f", MKL's {mkl_version()}" if "MKL" not in MISSING else "")
    return [
        Row("fft, 3-D", lambda s, d: c.fft(s.vc64, flags=unitary), new={
            "scipy": lambda s, d: sfft.fftn(s.c64, norm="ortho", workers=WORKERS[0]),
            "torch": lambda s, d: torch.fft.fftn(s.tc64, norm="ortho"),
            "MKL": lambda s, d: mkl_fft.fftn(s.c64, norm="ortho")}, tol=1e-5, see=as_pairs, note=whose),
        Row("fft, 3-D of reals", lambda s, d: c.rfft(s.vnoise, flags=unitary), new={
            "scipy": lambda s, d: sfft.rfftn(s.noise, norm="ortho", workers=WORKERS[0]),
            "torch": lambda s, d: torch.fft.rfftn(s.tnoise, norm="ortho"),
            "MKL": lambda s, d: mkl_fft.rfftn(s.noise, norm="ortho")}, tol=1e-5, see=as_pairs, note=whose),
    ]


# ---- nonuniform Fourier transforms ----
class Spokes:
    """Noise on a grid and on golden spokes through it (3-D: a koosh-ball by golden means), both in the forms
    of those who transform from one to the other. Plans are made when first asked for and not timed; what is
    unscaled elsewhere is scaled here beforehand, so that all give 1 / sqrt(voxels) times the sum."""

    def __init__(self, c: medvol.Context, side: int, axes: int, coils: int, spokes: int, samples: int):
        rng, self.c, self.axes, self.coils = np.random.default_rng(8), c, axes, coils
        self.grid, self.voxels = (side,) * axes, side ** axes
        r = ((np.arange(samples) + 0.5) / samples - 0.5) * side
        j = np.arange(spokes)
        if axes == 2:
            a = np.deg2rad(111.246117975) * j
            way = np.stack([np.sin(a), np.cos(a), 0 * a], 1)
        else:
            z, a = 2 * (0.46557123187676 * j % 1) - 1, 2 * np.pi * (0.68232780382802 * j % 1)
            way = np.stack([np.sqrt(1 - z * z) * np.cos(a), np.sqrt(1 - z * z) * np.sin(a), z], 1)
        self.k = way[:, None] * r[:, None]                       # shots, samples, (kx, ky, kz)
        noise = lambda *shape: rng.standard_normal((*shape, 2), F32).view(np.complex64)[..., 0]
        self.image, self.data = noise(coils, *self.grid), noise(coils, spokes, samples)
        scale = F32(1 / math.sqrt(self.voxels))
        self.small_image, self.small_data = scale * self.image, scale * self.data
        self.room = {True: (coils, *(1,) * (3 - axes), *self.grid), False: (coils, spokes, samples, 1)}
        self.points = self.k.reshape(-1, 3)[:, axes - 1 :: -1]   # as the grid: x last
        self.plans: dict[Any, Any] = {}

    def plan(self, key: Any, make: Callable[[], Any]) -> Any:
        if key not in self.plans: self.plans[key] = make()
        return self.plans[key]

    @cached_property
    def radians(self) -> np.ndarray:
        return np.ascontiguousarray(2 * np.pi * self.points / np.array(self.grid), F32)

    def given(self, adjoint: bool) -> np.ndarray:
        """Of peers: flat samples, or images."""
        return self.small_data.reshape(self.coils, -1) if adjoint else self.small_image

    def view(self, d: np.ndarray, adjoint: bool) -> np.ndarray:
        return d.reshape(self.coils, *self.grid) if adjoint else d.reshape(self.coils, -1)

    # each runs with (adjoint, tolerance, array to write into)
    def ours(self, adjoint: bool, tol: float, d: Any) -> Any:
        made = self.plan(("ours", tol), lambda: self.c.nufft(self.grid, self.k, tolerance=tol))
        if adjoint: return made.adjoint(self.data.reshape(self.room[False]), out=d)
        return made.forward(self.image.reshape(self.room[True]), out=d)

    def finufft(self, adjoint: bool, tol: float, d: Any) -> Any:
        def make() -> Any:
            plan = finufft.Plan(1 if adjoint else 2, self.grid, self.coils, tol, 1 if adjoint else -1,
                                dtype="complex64", nthreads=WORKERS[0], fftw=0)
            plan.setpts(*(np.ascontiguousarray(p) for p in self.radians.T))
            return plan
        self.plan(("finufft", adjoint, tol), make).execute(self.given(adjoint), out=self.view(d, adjoint))
        return d

    def ducc(self, adjoint: bool, tol: float, d: Any) -> Any:
        made = self.plan(("ducc", adjoint, tol), lambda: ducc0.nufft.plan(
            nu2u=adjoint, coord=self.radians, grid_shape=self.grid, epsilon=tol, nthreads=WORKERS[0]))
        if adjoint: made.nu2u(forward=False, points=self.given(True), out=self.view(d, True))
        else: made.u2nu(forward=True, grid=self.given(False), out=self.view(d, False))
        return d

    def sigpy(self, adjoint: bool, tol: float, d: Any) -> Any:
        """Kernel and oversampling as small as reach twice the tolerance. It scales by itself."""
        over, width = (1.25, 5) if tol > 1e-4 else (2, 6)
        points = self.plan("sigpy", lambda: np.ascontiguousarray(self.points, F32))
        if adjoint:
            flat = self.data.reshape(self.coils, -1)
            return sigpy.nufft_adjoint(flat, points, (self.coils, *self.grid), over, width)
        return sigpy.nufft(self.image, points, over, width)

    def mrinufft(self, adjoint: bool, tol: float, d: Any) -> Any:
        """FINUFFT behind its interface."""
        more = self.plan(("scaled", adjoint), lambda: F32(2 ** (self.axes / 2)) * (
            self.data.reshape(1, self.coils, -1) if adjoint else self.image[None]))
        made = self.plan(("mri-nufft", tol), lambda: mrinufft.get_operator("finufft")(
            np.ascontiguousarray(self.points / np.array(self.grid), F32), self.grid, n_coils=self.coils,
            eps=tol, squeeze_dims=False))
        return made.adj_op(more) if adjoint else made.op(more)

    def torch(self, adjoint: bool, tol: float, d: Any) -> Any:
        """The narrowest kernel that reaches 1e-3."""
        def make() -> Any:
            kind = tkbn.KbNufftAdjoint if adjoint else tkbn.KbNufft
            return (kind(im_size=self.grid, numpoints=4), torch.from_numpy(
                np.ascontiguousarray(self.radians.T)), torch.from_numpy(self.given(adjoint))[None])
        made, omega, given = self.plan(("torch", adjoint, tol), make)
        return made(given, omega)

    def error(self, adjoint: bool, r: Any) -> np.ndarray:
        """Of some elements beside the sums in doubles; root mean square, relative."""
        want, index = self.plan(("want", adjoint), lambda: self.direct(adjoint))
        r = np.asarray(r.array if isinstance(r, medvol.Volume) else r).reshape(self.coils, -1)
        got = r[:, index]
        return np.array([np.linalg.norm(got - want) / np.linalg.norm(want)])

    def direct(self, adjoint: bool) -> tuple[np.ndarray, np.ndarray]:
        """Elements spread over the result: sums, and which."""
        count = 40 if adjoint else 400
        index = np.random.default_rng(9).integers(0, self.voxels if adjoint else len(self.points), count)
        place = [np.arange(n) - n // 2 for n in self.grid]
        if adjoint:
            at = np.stack(np.unravel_index(index, self.grid), 1) - np.array(self.grid) // 2
            k = self.points * (2 * np.pi / np.array(self.grid))
            data = self.data.reshape(self.coils, -1)
            sums = np.stack([data @ np.exp(1j * (k @ x)) for x in at], 1)
        else:
            sums = np.empty((self.coils, count), complex)
            for i, k in enumerate(self.points[index]):
                part = self.image
                for n, x, p in zip(self.grid[::-1], place[::-1], k[::-1]):
                    part = part @ np.exp(-2j * np.pi * p * x / n)
                sums[:, i] = part
        return sums / math.sqrt(self.voxels), index


def nonuniform(c: medvol.Context, small: bool) -> list[Row]:
    sizes = (((32, 2, 2, 21, 40), (12, 3, 1, 60, 16)) if small else
             ((256, 2, 8, 402, 512), (128, 3, 1, 5000, 256)))
    rows = []
    for side, axes, coils, spokes, samples in sizes:
        made = cache(lambda *a: Spokes(c, *a))
        this = lambda a=(side, axes, coils, spokes, samples), made=made: made(*a)
        for tol in (1e-3, 1e-5):
            for adjoint in (False, True):
                call = lambda f, adjoint=adjoint, tol=tol, this=this: (
                    lambda s, d: getattr(this(), f)(adjoint, tol, d))
                rows.append(Row(
                    f"nufft {'adjoint' if adjoint else 'forward'}, {axes}-D, {tol:.0e}".replace("e-0", "e-"),
                    call("ours"), {"FINUFFT": call("finufft"), "ducc0": call("ducc")},
                    {"SigPy": call("sigpy"), "mri-nufft": call("mrinufft"),
                     **({"torchkbnufft": call("torch")} if tol > 1e-4 else {})},
                    out=lambda s, adjoint=adjoint, this=this: np.zeros(this().room[adjoint], np.complex64),
                    dtype="c64", tol=3 * tol, shape=(*(side,) * axes, coils),
                    see=lambda r, adjoint=adjoint, this=this: this().error(adjoint, r),
                    note=f"{coils} coils, {spokes} spokes of {samples}; plans not timed; compared are "
                         "errors beside sums in doubles, SigPy with the narrowest kernel that reaches the "
                         "tolerance to a factor of three; torchkbnufft's table ends at 7e-4"))
    return rows


# ---- correlation, chi-squared, angles ----
def compiled(f: Callable[..., Any], threads: bool = True) -> Callable[..., Any]:
    """By numba where there is one, when first called, which is not timed. Sums may be reordered, as vectors
    need it; threads: loops of prange go over them."""
    return numba.njit(f, fastmath=True, parallel=threads) if "numba" not in MISSING else f


prange = range if "numba" in MISSING else numba.prange


def _numba_pearson(a: np.ndarray, b: np.ndarray) -> float:
    n = a.size
    ma = mb = aa = bb = ab = 0.0
    for i in prange(n):
        ma += np.float64(a[i])
        mb += np.float64(b[i])
    ma /= n
    mb /= n
    for i in prange(n):
        x, y = np.float64(a[i]) - ma, np.float64(b[i]) - mb
        aa += x * x
        bb += y * y
        ab += x * y
    return ab / np.sqrt(aa * bb)


numba_pearson, numba_pearson_threads = compiled(_numba_pearson, False), compiled(_numba_pearson)


def numpy_pearson(a: np.ndarray, b: np.ndarray, kind: Any = float) -> float:
    """Centred first; faster than np.corrcoef, which makes a matrix of all pairs."""
    x = np.subtract(a, a.mean(dtype=float), dtype=kind)
    y = np.subtract(b, b.mean(dtype=float), dtype=kind)
    return np.dot(x, y) / np.sqrt(float(np.dot(x, x)) * float(np.dot(y, y)))


class Lines:
    """Rows of f32, a model for all of them with gain, offset and noise of each row, and each row's sigma."""

    def __init__(self, rows: int, n: int):
        rng = np.random.default_rng(5)
        self.model = (100 + 40 * np.sin(np.linspace(0, 20, n))).astype(F32)
        self.sigma = rng.uniform(2, 6, rows)
        gain, offset = rng.uniform(0.5, 2, (rows, 1)), rng.uniform(-20, 20, (rows, 1))
        self.truth = (gain * self.model + offset).astype(F32)
        self.data = (self.truth + self.sigma[:, None] * rng.standard_normal((rows, n))).astype(F32)

    def numpy_chi2(self) -> np.ndarray:
        d = np.subtract(self.data, self.truth, dtype=float)
        return np.einsum("ij,ij->i", d, d) / self.sigma ** 2

    def numpy_gain(self) -> np.ndarray:
        mean, own = self.model.mean(dtype=float), self.data.mean(1, dtype=float)
        m = np.subtract(self.model, mean, dtype=float)
        d = self.data - own[:, None]
        both = d @ m
        gain = both / (m @ m)
        return np.stack([gain, own - gain * mean, np.einsum("ij,ij->i", d, d) - gain * both])


@compiled
def numba_chi2(o: np.ndarray, e: np.ndarray, sigma: np.ndarray) -> np.ndarray:
    out = np.empty(o.shape[0])
    for i in prange(o.shape[0]):
        s = 0.0
        for k in range(o.shape[1]):
            d = np.float64(o[i, k]) - np.float64(e[i, k])
            s += d * d
        out[i] = s / (sigma[i] * sigma[i])
    return out


@compiled
def numba_gain(data: np.ndarray, model: np.ndarray) -> np.ndarray:
    rows, n = data.shape
    out = np.empty((3, rows))
    mean = mm = 0.0
    for k in range(n): mean += np.float64(model[k])
    mean /= n
    m = np.empty(n)
    for k in range(n):
        m[k] = np.float64(model[k]) - mean
        mm += m[k] * m[k]
    for i in prange(rows):
        own = dd = both = 0.0
        for k in range(n): own += np.float64(data[i, k])
        own /= n
        for k in range(n):
            d = np.float64(data[i, k]) - own
            dd += d * d
            both += d * m[k]
        gain = both / mm
        out[0, i], out[1, i], out[2, i] = gain, own - gain * mean, dd - gain * both
    return out


RANGES = ((-10.0, 10.0), (170.0, 190.0))


def numpy_angles(x: np.ndarray, period: float) -> np.ndarray:
    """Both ranges as they lie in 0..period when there is one: then the first goes through zero."""
    (a, b), (c, d) = RANGES
    if period:
        x = x - period * np.floor(x / period)
        first = (x >= a + period) | (x <= b)
    else:
        first = (x >= a) & (x <= b)
    return np.flatnonzero(first | ((x >= c) & (x <= d)))


def _numba_angles(x: np.ndarray, period: float, a: float, b: float, c: float, d: float) -> np.ndarray:
    """Which are inside, a loop for vectors; then their numbers, kept or written over: no branch."""
    inside, out = np.empty(x.size, np.uint8), np.empty(x.size, np.uint32)
    for i in range(x.size):
        if period > 0:
            v = x[i] - period * np.floor(x[i] / period)
            inside[i] = (v >= a + period) | (v <= b) | ((v >= c) & (v <= d))
        else:
            inside[i] = ((x[i] >= a) & (x[i] <= b)) | ((x[i] >= c) & (x[i] <= d))
    n = 0
    for i in range(x.size):
        out[n] = i
        n += inside[i]
    return out[:n]


numba_angles = compiled(_numba_angles, False)


def angle_row(c: medvol.Context, name: str, n: int, period: float) -> Row:
    x = np.arange(n) * 111.246117975
    if not period: x %= 360
    return Row(name, lambda s, d: c.angle_select(x, RANGES, period=period), new={
        "numpy": lambda s, d: numpy_angles(x, period),
        "numba": lambda s, d: numba_angles(x, period, *RANGES[0], *RANGES[1])},
        dtype="f64", shape=(n,), note="spokes by the golden angle, two ranges; one thread")


def correlation(c: medvol.Context) -> Row:
    """Of the head and a noisier one. The tolerance is for floats: test_medvol.py compares doubles."""
    by_numba = numba_pearson if WORKERS[0] == 1 else numba_pearson_threads
    return Row("correlation", lambda s, d: c.ncc(s.v, s.vrough).r, new={
        "numpy": lambda s, d: numpy_pearson(s.f32.ravel(), s.rough.ravel()),
        "numpy f32": lambda s, d: numpy_pearson(s.f32.ravel(), s.rough.ravel(), F32),
        "numba": lambda s, d: by_numba(s.f32.ravel(), s.rough.ravel())},
        tol=1e-4, note="of two volumes, in doubles; numpy f32: differences and sums of BLAS in floats")


def statistics(c: medvol.Context, small: bool) -> list[Row]:
    n = 1000 if small else 10000
    a, b = np.random.default_rng(6).standard_normal((2, n))
    b += 0.5 * a
    shape = (50, 30) if small else (400, 10000)
    rows = Lines(*shape[::-1])
    observed, expected = medvol.Volume(rows.data), medvol.Volume(rows.truth)
    spokes = 2000 if small else 100000
    return [
        Row("pearson", lambda s, d: c.pearson(a, b).r, new={
            "numpy": lambda s, d: numpy_pearson(a, b),
            "numba": lambda s, d: numba_pearson(a, b)}, dtype="f64", tol=1e-12, shape=(n,)),
        Row("chi-squared of rows",
            lambda s, d: c.chi2(observed, expected, split=0, sigmas=rows.sigma)["chi2"], new={
            "numpy": lambda s, d: rows.numpy_chi2(),
            "numba": lambda s, d: numba_chi2(rows.data, rows.truth, rows.sigma)}, tol=1e-8, shape=shape,
            note="a sigma a row; sums in doubles"),
        Row("gain and offset of rows", lambda s, d: c.fit_gain_offset_rows(rows.data, rows.model), new={
            "numpy": lambda s, d: rows.numpy_gain(),
            "numba": lambda s, d: numba_gain(rows.data, rows.model)}, tol=1e-6, shape=shape,
            see=lambda r: r if r.dtype == float else np.stack([r[f] for f in ("gain", "offset", "residual")]),
            note="of one model; sums in doubles; ours gives r and variances, too"),
        angle_row(c, "angles in ranges", spokes, 0),
        angle_row(c, "angles in ranges, by turns", spokes, 360),
    ]


# ---- nearest neighbours ----
class Cloud:
    """Random points, and as many queries, in both forms; trees, when they are asked for."""

    def __init__(self, c: medvol.Context, n: int, few: int):
        self.c, self.few = c, few
        self.p, self.q = np.random.default_rng(7).random((2, n, 3))
        self.axes, self.ask = (np.ascontiguousarray(a.T) for a in (self.p, self.q))
        self.ask_few = self.ask[:, :few].copy()

    @cached_property
    def tree(self) -> medvol.KdTree:
        return self.c.kdtree(*self.axes)

    @cached_property
    def balanced(self) -> Any:
        return self.make()

    @cached_property
    def loose(self) -> Any:
        return self.make(False)

    def make(self, balanced: bool = True) -> Any:
        return trees.cKDTree(self.p, balanced_tree=balanced)

    def found(self, r: Any) -> np.ndarray:
        """What a tree finds for some queries."""
        ours = isinstance(r, medvol.KdTree)
        return nearest_of(r.nearest(self.ask_few) if ours else r.query(self.q[: self.few]))


def nearest_of(r: Any) -> np.ndarray:
    """Distances, then numbers; ours are numbers and squared distances."""
    far, at = (np.sqrt(r[1]), r[0]) if r[0].dtype == np.uint32 else r
    return np.concatenate([far.ravel(), at.ravel()])


def lists_of(r: Any) -> np.ndarray:
    """Where each query's begin, and all their numbers, in order."""
    if isinstance(r, tuple): r = np.split(r[1], r[0][1:-1].astype(int))
    return np.concatenate([np.cumsum([len(found) for found in r]), *map(np.sort, r)])


def neighbours(c: medvol.Context, small: bool) -> list[Row]:
    n, few, reach = (2000, 200, 0.12) if small else (1000000, 100000, 0.015)
    made = cache(lambda: Cloud(c, n, few))
    def by(f: Callable[[Cloud, Any], Any]) -> dict[str, Call]:
        """f(cloud, tree) with each of scipy's trees."""
        return {"cKDTree": lambda s, d: f(made(), made().balanced),
                "cKDTree unbalanced": lambda s, d: f(made(), made().loose)}
    more = {"dtype": "f64", "shape": (3, n)}
    return [
        Row("k-d tree", lambda s, d: c.kdtree(*made().axes), new={
            "cKDTree": lambda s, d: made().make(), "cKDTree unbalanced": lambda s, d: made().make(False)},
            tol=1e-12, see=lambda r: made().found(r), note="of random points; cKDTree: one thread", **more),
        Row("nearest", lambda s, d: made().tree.nearest(made().ask),
            new=by(lambda m, tree: tree.query(m.q, workers=WORKERS[0])), tol=1e-12, see=nearest_of,
            note="k = 1, as many random queries as points", **more),
        Row("count within radius",
            lambda s, d: np.diff(made().tree.radius(made().ask_few, reach, lists=False)),
            new=by(lambda m, tree: tree.query_ball_point(m.q[:few], reach, workers=WORKERS[0],
                                                         return_length=True)),
            note=f"of {few} queries, some 14 points each", **more),
        Row("lists within radius", lambda s, d: made().tree.radius(made().ask_few, reach),
            new=by(lambda m, tree: tree.query_ball_point(m.q[:few], reach, workers=WORKERS[0],
                                                         return_sorted=False)),
            see=lists_of, note=f"of {few} queries; ours: arrays, with distances; cKDTree's: lists", **more),
    ]


# ---- LZ4 ----
class Lz4:
    """liblz4 through ctypes, whole buffers."""

    @staticmethod
    def pack(s: Source, d: Any) -> Any:
        return d[: _lz4.LZ4_compress_default(s.i16.ctypes.data_as(ctypes.c_void_p),
                                             d.ctypes.data_as(ctypes.c_void_p), s.i16.nbytes, d.nbytes)]

    @staticmethod
    def unpack(s: Source, d: Any) -> Any:
        _lz4.LZ4_decompress_safe(s.lz4_block, d.ctypes.data_as(ctypes.c_void_p), len(s.lz4_block), d.nbytes)
        return d


FORMS["lz4_block"] = lambda s: medvol.Context(threads=1).lz4_compress(s.i16).tobytes()


def lz4_rows(c: medvol.Context, n: int) -> list[Row]:
    size = 2 * n ** 3
    decoded = lambda r: np.frombuffer(c.lz4_decompress(np.frombuffer(r, U8), size), I16)
    plain = lambda r: np.frombuffer(r, I16)
    return [
        Row("lz4, compressed", lambda s, d: c.lz4_compress(s.i16, out=room_of(d)), {"liblz4": Lz4.pack}, {
            "lz4": lambda s, d: lz4_block.compress(s.i16, store_size=False)},
            like(size + size // 255 + 16, U8), "i16", see=decoded,
            note="one block of the default level; the sizes differ; one thread"),
        Row("lz4, decompressed", lambda s, d: c.lz4_decompress(s.lz4_block, size, out=room_of(d)), {
            "liblz4": Lz4.unpack}, {
            "lz4": lambda s, d: lz4_block.decompress(s.lz4_block, uncompressed_size=size)},
            like(size, U8), "i16", see=plain, note="a block of ours; one thread"),
    ]


# ---- transport of protons ----
class Protons:
    """A step of mv_transport_step for peers. Ranges, their inverse and scattering powers are the header's, as
    no peer has them; what is made of these (kernels, shifts, shares) is written here, once for all calls,
    while ours makes its tables in each."""

    def __init__(self, c: medvol.Context, nx: int, nz: int, angles: int, energies: int):
        self.way, dangle = 1.0, np.pi / angles
        self.grid = {"dx": 2, "dz": 2, "angle": -(angles - 1) / 2 * dangle, "dangle": dangle, "cutoff": 2}
        self.water = c.stopping()
        self.energy = e = c.transport_energies(energies, 1, 100)
        self.psi = (np.arange(energies * angles * nz * nx) % 1000 * 1e-3).astype(F32).reshape(
            energies, angles, nz, nx)
        self.scratch = np.empty_like(self.psi)
        cm, r = 0.1 * self.way, c.stopping_range(self.water, e)
        # energy: what is left lies between energy[to] and the next, which gets `share`; else it stops here
        left = np.maximum(r - cm, 0)
        self.goes = left > c.stopping_range(self.water, [self.grid["cutoff"]])
        t = np.where(self.goes, c.stopping_energy(self.water, np.where(self.goes, left, r)), e)
        self.to = np.clip(np.searchsorted(e, t, "right") - 1, 0, energies - 2)
        self.share = ((t - e[self.to]) / (e[self.to + 1] - e[self.to])).astype(F32)
        self.lost = np.where(self.goes, e - (1 - self.share) * e[self.to] - self.share * e[self.to + 1], e)
        # angles: exp(-v) I_k(v), the Fourier coefficients of exp(v (cos w - 1))
        middle = c.stopping_energy(self.water, np.maximum(r - cm / 2, r / 2))
        v = c.scattering_power(self.water, middle, e[-1]) * np.minimum(cm, r) / dangle ** 2
        wave = np.cos(2 * np.pi * np.arange(2049) / 4096) - 1
        kernel = np.fft.irfft(np.exp(v[:, None] * wave))[:, :angles]
        kernel[kernel < 1e-8] = 0  # too little to count: the middle keeps it
        kernel[:, 0] = 1 - 2 * kernel[:, 1:].sum(1)
        self.taps = kernel.astype(F32)
        self.half = np.array([np.flatnonzero(k)[-1] for k in kernel])
        self.matrix = self.taps[:, np.abs(np.subtract.outer(range(angles), range(angles)))]
        # place: whole cells, and shares of the next one
        a = self.grid["angle"] + dangle * np.arange(angles)
        x, z = self.way * np.sin(a) / 2, self.way * np.cos(a) / 2
        self.whole = np.stack([np.floor(x), np.floor(z)], 1).astype(int)
        self.part = (np.stack([x, z], 1) - self.whole).astype(F32)

    def ours(self, c: medvol.Context, d: Any) -> Any:
        """In place: on a copy, which the others do without."""
        d, dose = np.asarray(d), np.zeros(d.shape[2:])
        np.copyto(d, self.psi)
        c.transport_step(d, dose, self.energy, self.water, self.way, self.grid)
        return d, dose

    def see(self, r: Any) -> np.ndarray:
        """Weights, and the dose for each energy and angle, of their size."""
        psi, dose = r
        return np.concatenate([psi.ravel(), dose.ravel() / (psi.shape[0] * psi.shape[1])])

    def numpy(self, d: np.ndarray) -> Any:
        energies, angles, nz, nx = d.shape
        # angles: a matrix of each energy, by BLAS
        np.matmul(self.matrix, self.psi.reshape(energies, angles, -1), out=self.scratch.reshape(
            energies, angles, -1))
        # place: z, then x, of all energies of an angle
        d[:] = 0
        for j, ((ix, iz), (px, pz)) in enumerate(zip(self.whole, self.part)):
            row = np.zeros((energies, nz, nx), F32)
            for step, w in ((iz, 1 - pz), (iz + 1, pz)): add_moved(row, self.scratch[:, j], 1, step, w)
            for step, w in ((ix, 1 - px), (ix + 1, px)): add_moved(d[:, j], row, 2, step, w)
        # energy, upwards: only higher ones give to those that are done; what stops is dose
        dose = self.lost @ d.sum(1, dtype=float).reshape(energies, -1)
        d[~self.goes] = 0
        for e in np.flatnonzero(self.goes):
            own = d[e].copy()
            d[e] = 0
            d[self.to[e]] += (1 - self.share[e]) * own
            d[self.to[e] + 1] += self.share[e] * own
        return d, dose.reshape(nz, nx)

    def numba(self, d: np.ndarray) -> Any:
        dose = np.zeros(d.shape[2:])
        numba_step(d, dose, self.psi, self.taps, self.half, self.whole, self.part, self.goes, self.to,
                   self.share, self.lost)
        return d, dose


def add_moved(out: np.ndarray, a: np.ndarray, axis: int, step: int, w: Any) -> None:
    """out += w * a moved by whole cells; what leaves is lost."""
    n = a.shape[axis]
    if abs(step) >= n: return
    to = (slice(None),) * axis + (slice(max(step, 0), n + min(step, 0)),)
    of = (slice(None),) * axis + (slice(max(-step, 0), n - max(step, 0)),)
    out[to] += w * a[of]


@compiled
def numba_step(out: np.ndarray, dose: np.ndarray, psi: np.ndarray, taps: np.ndarray, half: np.ndarray,
               whole: np.ndarray, part: np.ndarray, goes: np.ndarray, to: np.ndarray, share: np.ndarray,
               lost: np.ndarray) -> None:
    energies, angles, nz, nx = psi.shape
    one = np.float32(1)
    for e in prange(energies):
        spread, row = np.empty((nz, nx), np.float32), np.zeros((nz, nx), np.float32)
        for j in range(angles):
            for k in range(nz):
                for i in range(nx): spread[k, i] = taps[e, 0] * psi[e, j, k, i]
            for t in range(max(0, j - half[e]), min(angles, j + half[e] + 1)):
                w = taps[e, abs(t - j)]
                if t != j:
                    for k in range(nz):
                        for i in range(nx): spread[k, i] += w * psi[e, t, k, i]
            ix, iz, px, pz = whole[j, 0], whole[j, 1], part[j, 0], part[j, 1]
            for k in range(nz):
                a = one - pz if 0 <= k - iz < nz else np.float32(0)
                b = pz if 0 <= k - iz - 1 < nz else np.float32(0)
                ka, kb = min(max(k - iz, 0), nz - 1), min(max(k - iz - 1, 0), nz - 1)
                for i in range(nx): row[k, i] = a * spread[ka, i] + b * spread[kb, i]
                for i in range(nx): out[e, j, k, i] = 0
                for i in range(max(ix, 0), min(nx, nx + ix)): out[e, j, k, i] = (one - px) * row[k, i - ix]
                for i in range(max(ix + 1, 0), min(nx, nx + ix + 1)):
                    out[e, j, k, i] += px * row[k, i - ix - 1]
    sums = np.zeros((angles, nz, nx))
    for j in prange(angles):
        own = np.empty((nz, nx), np.float32)
        for e in range(energies):
            for k in range(nz):
                for i in range(nx): sums[j, k, i] += lost[e] * out[e, j, k, i]
            for k in range(nz):
                for i in range(nx):
                    own[k, i] = out[e, j, k, i]
                    out[e, j, k, i] = 0
            if goes[e]:
                a, b, at = one - share[e], share[e], to[e]
                for k in range(nz):
                    for i in range(nx):
                        out[at, j, k, i] += a * own[k, i]
                        out[at + 1, j, k, i] += b * own[k, i]
    for j in range(angles):
        for k in range(nz):
            for i in range(nx): dose[k, i] += sums[j, k, i]


def transport(c: medvol.Context, small: bool) -> list[Row]:
    shape = (8, 8, 12, 20) if small else (40, 40, 72, 200)
    made = cache(lambda: Protons(c, *shape))
    return [Row("protons, a step", lambda s, d: made().ours(c, d), {
        "numpy": lambda s, d: made().numpy(d), "numba": lambda s, d: made().numba(d)},
        out=lambda s: np.zeros_like(made().psi), tol=1e-5, see=lambda r: made().see(r), shape=shape,
        note="weights by x, z, angle and energy; ours works in place: on a copy, which is counted")]


def table(c: medvol.Context, n: int, head: np.ndarray, own: bool = True) -> list[Row]:
    """Every row of this size; peers that are not installed are left out. own: rows of a shape of their own,
    too."""
    rows = [*maps(c), *measures(c, n), correlation(c), *spatial(c, n), *resampling(c, n), *fourier(c),
            *files(c, n, head), *lz4_rows(c, n)]
    small = n < 40
    if own: rows += [*statistics(c, small), *neighbours(c, small), *transport(c, small),
                     *nonuniform(c, small)]
    for row in rows:
        for calls in (row.peers, row.new):
            for name in list(calls):
                if {name, name.split(" ")[0]} & set(MISSING): del calls[name]
    return rows
