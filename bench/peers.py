"""peers.py [SIZE=256] [RUNS=9] - the table of README.md: medvol's profilers and the fastest known Python or
C peer on the same volume, one thread each, medians of processor time. Peers write into memory that exists
wherever they can. Uses what is installed of numpy, scipy, OpenCV, torch, SimpleITK, nibabel, libdeflate
(through ctypes); needs build/examples (make examples).
--markdown: only the rows; --readme: puts them into README.md."""
import ctypes
import ctypes.util
import gzip
import importlib
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time

import numpy as np

args = [a for a in sys.argv[1:] if not a.startswith("--")]
n = int(args[0]) if args else 256
runs = int(args[1]) if len(args) > 1 else 9


def module(name):
    try:
        return importlib.import_module(name)
    except ImportError:
        return None


cv2, torch, sitk, nib, ndi = map(module, ("cv2", "torch", "SimpleITK", "nibabel", "scipy.ndimage"))
if cv2: cv2.setNumThreads(1)
if torch: torch.set_num_threads(1)
if sitk: sitk.ProcessObject.SetGlobalDefaultNumberOfThreads(1)
deflate = ctypes.util.find_library("deflate")
deflate = ctypes.CDLL(deflate) if deflate else None

# a noisy head of the size asked for, on disk, for both sides
rng = np.random.default_rng(1)
z, y, x = np.meshgrid(*[np.linspace(-1, 1, n, dtype=np.float32)] * 3, indexing="ij")
head = np.where(
    x * x + y * y / 1.2 + z * z < 0.7, 500 + 150 * np.sin(9 * x) * np.cos(7 * y + 3 * z), 0
).astype(np.float32)
head = np.abs(head + rng.normal(0, 20, head.shape).astype(np.float32))
del x, y, z
i16 = head.round().astype(np.int16)
folder = tempfile.TemporaryDirectory()
path = lambda name: os.path.join(folder.name, name)
affine = np.diag([0.9, 0.9, 0.9, 1])
nib.save(nib.Nifti1Image(head.transpose(2, 1, 0), affine), path("f32.nii"))
nib.save(nib.Nifti1Image(i16.transpose(2, 1, 0), affine), path("i16.nii"))
with open(path("i16.nii"), "rb") as f: nii = f.read()
with open(path("i16.nii.gz"), "wb") as f: f.write(gzip.compress(nii, 6))

out = np.ones_like(head)
T, O = (torch.from_numpy(head), torch.from_numpy(out)) if torch else (None, None)
T5 = T[None, None] if torch else None
image = sitk.GetImageFromArray(head) if sitk else None
m, h = round(n / 0.7), n // 2
c0, c1 = n // 8, n // 8 + (3 * n + 3) // 4
p = n // 8
padded = np.ones((n + 2 * p,) * 3, np.float32)
cropped = np.ones((c1 - c0,) * 3, np.float32)


def cv2_resize(size, how):
    mid = np.empty((n, size, size), np.float32)
    res = np.empty((size, size, size), np.float32)
    def run():
        for k in range(n): cv2.resize(head[k], (size, size), dst=mid[k], interpolation=how)
        for k in range(size): res[:, k] = cv2.resize(mid[:, k], (size, size), interpolation=how)
    return run


def itk_resample(size, how, turn=0.0):
    t = sitk.Euler3DTransform([(n - 1) / 2] * 3, 0.4 * turn, 0.5 * turn, turn)
    spacing = [(n / size)] * 3
    return lambda: sitk.Resample(image, [size] * 3, t, how, [0, 0, 0], spacing)


def numpy_pad():
    padded[:] = 0
    padded[p:p + n, p:p + n, p:p + n] = head


def numpy_znorm():
    np.subtract(head, head.mean(), out=out)
    np.divide(out, head.std(), out=out)


def cv2_flat(a): return a.reshape(n, n * n)


def cv2_znorm():
    mean, sd = cv2.meanStdDev(cv2_flat(head))
    cv2.addWeighted(
        cv2_flat(head), 1 / sd[0, 0], cv2_flat(head), 0, -mean[0, 0] / sd[0, 0], dst=cv2_flat(out)
    )


def cv2_histogram():
    cv2.minMaxLoc(cv2_flat(head))
    cv2.calcHist([cv2_flat(head)], [0], None, [256], [0, 800])


def cv2_stats():
    cv2.meanStdDev(cv2_flat(head))
    cv2.minMaxLoc(cv2_flat(head))


def cv2_rescale():
    lo, hi, _, _ = cv2.minMaxLoc(cv2_flat(head))
    cv2.addWeighted(cv2_flat(head), 1 / (hi - lo), cv2_flat(head), 0, -lo / (hi - lo), dst=cv2_flat(out))


def libdeflate_inflate():
    deflate.libdeflate_alloc_decompressor.restype = ctypes.c_void_p
    d = ctypes.c_void_p(deflate.libdeflate_alloc_decompressor())
    with open(path("i16.nii.gz"), "rb") as f: data = f.read()
    room = ctypes.create_string_buffer(len(nii))
    return lambda: deflate.libdeflate_gzip_decompress(
        d, data, ctypes.c_size_t(len(data)), room, ctypes.c_size_t(len(nii)), None
    )


def libdeflate_deflate(level):
    deflate.libdeflate_alloc_compressor.restype = ctypes.c_void_p
    d = ctypes.c_void_p(deflate.libdeflate_alloc_compressor(level))
    room = ctypes.create_string_buffer(len(nii) + 100000)
    return lambda: deflate.libdeflate_gzip_compress(
        d, nii, ctypes.c_size_t(len(nii)), room, ctypes.c_size_t(len(room))
    )


# row of the profilers, dtype, program: peers (None: not installed)
L = lambda lib, f: f if lib else None
interpolate = torch.nn.functional.interpolate if torch else None
table = [
    ("z_norm", "f32", "z_norm", {"numpy": numpy_znorm, "OpenCV": L(cv2, cv2_znorm)}),
    ("statistics", "f32", "z_norm", {
        "OpenCV": L(cv2, cv2_stats),
        "numpy": lambda: (head.mean(), head.std(), head.min(), head.max())}),
    ("rescale", "f32", "rescale", {"OpenCV": L(cv2, cv2_rescale)}),
    ("clamp", "f32", "rescale", {
        "torch": L(torch, lambda: torch.clamp(T, 100, 600, out=O)),
        "numpy": lambda: np.clip(head, 100, 600, out=out)}),
    ("cast i16 to f32", "i16", "rescale", {
        "numpy": lambda: np.copyto(out, i16),
        "torch": L(torch, lambda: O.copy_(torch.from_numpy(i16)))}),
    ("percentiles f32", "f32", "rescale", {"numpy": lambda: np.percentile(head, [1, 99])}),
    ("histogram, 256 bins", "f32", "rescale", {
        "OpenCV": L(cv2, cv2_histogram),
        "torch": L(torch, lambda: torch.histc(T, 256))}),
    ("crop to 3/4", "f32", "crop_pad", {"numpy": lambda: np.copyto(cropped, head[c0:c1, c0:c1, c0:c1])}),
    ("pad to 5/4, constant", "f32", "crop_pad", {"numpy": numpy_pad}),
    ("flip x", "f32", "flip", {
        "numpy": lambda: np.copyto(out, head[:, :, ::-1]),
        "torch": L(torch, lambda: torch.flip(T, [2]))}),
    ("flip x y z", "f32", "flip", {"numpy": lambda: np.copyto(out, head[::-1, ::-1, ::-1])}),
    ("permute z y x", "f32", "permute", {
        "numpy": lambda: np.copyto(out, head.transpose(2, 1, 0)),
        "torch": L(torch, lambda: O.copy_(T.permute(2, 1, 0)))}),
    ("permute y z x", "f32", "permute", {
        "numpy": lambda: np.copyto(out, head.transpose(2, 0, 1)),
        "torch": L(torch, lambda: O.copy_(T.permute(2, 0, 1)))}),
    ("reorient PIL to RAS", "f32", "permute", {
        "numpy": lambda: np.copyto(out, head.transpose(1, 2, 0)[::-1, ::-1, ::-1])}),
    ("to 0.7 of the spacing, nearest", "f32", "resample", {
        "torch": L(torch, lambda: interpolate(T5, size=(m, m, m))),
        "SimpleITK": L(sitk, lambda: itk_resample(m, sitk.sitkNearestNeighbor)())}),
    ("to 0.7 of the spacing, linear", "f32", "resample", {
        "OpenCV, axis by axis": L(cv2, cv2_resize(m, 1)),
        "torch": L(torch, lambda: interpolate(T5, size=(m, m, m), mode="trilinear"))}),
    ("to 0.7 of the spacing, cubic", "f32", "resample", {
        "SimpleITK": L(sitk, lambda: itk_resample(m, sitk.sitkBSpline)()),
        "scipy": L(ndi, lambda: ndi.zoom(head, m / n, order=3))}),
    ("to half the voxels, linear", "f32", "resample", {
        "OpenCV, axis by axis": L(cv2, cv2_resize(h, 1)),
        "torch": L(torch, lambda: interpolate(T5, size=(h, h, h), mode="trilinear"))}),
    ("turned by 10 degrees, nearest", "f32", "resample", {
        "SimpleITK": L(sitk, lambda: itk_resample(n, sitk.sitkNearestNeighbor, 0.17)())}),
    ("turned by 10 degrees, linear", "f32", "resample", {
        "SimpleITK": L(sitk, lambda: itk_resample(n, sitk.sitkLinear, 0.17)())}),
    ("turned by 10 degrees, cubic", "f32", "resample", {
        "SimpleITK": L(sitk, lambda: itk_resample(n, sitk.sitkBSpline, 0.17)())}),
    ("load .nii", "f32", "load", {
        "numpy.fromfile": lambda: np.fromfile(path("f32.nii"), np.float32),
        "nibabel": L(nib, lambda: np.asarray(nib.load(path("f32.nii"), mmap=False).dataobj))}),
    ("load .nii.gz, one member", "i16", "load", {
        "libdeflate, in memory": libdeflate_inflate() if deflate else None,
        "nibabel": L(nib, lambda: np.asarray(nib.load(path("i16.nii.gz")).dataobj)),
        "SimpleITK": L(sitk, lambda: sitk.ReadImage(path("i16.nii.gz")))}),
    ("save .nii.gz level 1", "i16", "save", {
        "libdeflate 1, in memory": libdeflate_deflate(1) if deflate else None,
        "nibabel": L(nib, lambda: nib.save(nib.Nifti1Image(i16, affine), path("o.nii.gz")))}),
]


def median_ms(f):
    f()
    t, spent = [], 0.0
    while len(t) < runs and (spent < 3.0 or not t):
        a = time.process_time()  # one thread: what others do on the machine does not count
        f()
        t.append(time.process_time() - a)
        spent += t[-1]
    return 1e3 * statistics.median(t)


def ours(program):
    """Rows of a profiler on the same volume, by (op, dtype). Those of load and save make their own files."""
    words = ["build/examples/profile_" + program, str(n), str(runs), "--threads", "1", "--json", "--cpu-time"]
    if program != "load": words += ["--input", path("f32.nii")]
    res = subprocess.run(
        words, capture_output=True, text=True, check=True, env={**os.environ, "TMPDIR": folder.name}
    )
    rows = [json.loads(line) for line in res.stdout.splitlines()]
    return {(r["op"], r["dtype"]): r for r in rows}


lines = []


def say(line):
    lines.append(line)
    print(line, flush=True)


say("| operation | medvol, ms | share of floor | fastest peer, ms | | ratio |\n|---|---|---|---|---|---|")
cache = {}
for op, dtype, program, peers in table:
    if program not in cache: cache[program] = ours(program)
    mine = cache[program][op, dtype]
    times = {name: median_ms(f) for name, f in peers.items() if f}
    if not times: continue
    best = min(times, key=times.get)
    ms, share = mine["median_ms"], f'{100 * mine["share"]:.0f} %' if "share" in mine else ""
    ratio = times[best] / ms
    say(
        f"| {op} ({dtype}) | {ms:.3g} | {share} | {float(f'{times[best]:.3g}'):g} | {best} | {ratio:.2g} |"
        if ratio < 100
        else f"| {op} ({dtype}) | {ms:.3g} | {share} | {times[best]:.0f} | {best} | {ratio:.0f} |"
    )
    if "--markdown" not in sys.argv:
        print("  ", {k: round(v, 3) for k, v in times.items()}, file=sys.stderr, flush=True)
if "--readme" in sys.argv:
    with open("README.md") as f: text = f.read()
    a, b = text.index("<!-- measured -->"), text.index("<!-- end -->")
    with open("README.md", "w") as f:
        f.write(text[:a] + "<!-- measured -->\n" + "\n".join(lines) + "\n" + text[b:])
