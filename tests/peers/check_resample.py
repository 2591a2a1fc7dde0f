"""Resampling against SciPy, scikit-image and OpenCV at real size.
    python3 check_resample.py TOOL [SIZE=96] [--time] [--threads N]

Runs TOOL, resample_tool.c, on a smooth volume with noise and compares with the peers that are
installed; each row prints the largest difference and fails above its tolerance. --time: also best times in
this minute (peers one thread)."""
import os, subprocess, sys, tempfile, time
import numpy as np

tool, argv = sys.argv[1], sys.argv[2:]
timing = "--time" in argv
threads = argv[argv.index("--threads") + 1] if "--threads" in argv else "1"
size = next(
    (int(a) for i, a in enumerate(argv) if a.isdigit() and (i == 0 or argv[i - 1] != "--threads")), 96
)
tmp = tempfile.mkdtemp()
LINEAR, NEAREST, CUBIC, CONV, LANCZOS = range(5)
CONSTANT, EDGE, MIRROR, WRAP = 1, 2, 3, 4
CENTRE, FIRST, LOW, HALF, ALIGN = range(5)

rng = np.random.default_rng(3)
shape = (size - 3, size + 2, size)  # z, y, x
z, y, x = np.meshgrid(*[np.linspace(-1, 1, n) for n in shape], indexing="ij")
vol = (
    900 * np.exp(-2 * (x * x + 1.5 * y * y + z * z)) + 40 * np.sin(9 * x) + rng.normal(0, 10, shape)
).astype(np.float32)
vol.tofile(os.path.join(tmp, "in"))

def ours(out, interp, border, grid=CENTRE, value=0.0, antialias=0, matrix=None):
    args = (
        [tool, os.path.join(tmp, "in"), os.path.join(tmp, "out")]
        + [str(n) for n in vol.shape[::-1]]
        + [str(n) for n in out[::-1]]
        + [str(interp), str(border), str(grid), str(value), str(antialias), "5" if timing else "1", threads]
    )
    if matrix is not None:
        args += ["%.17g" % v for v in matrix]
    ms = float(subprocess.check_output(args))
    return np.fromfile(os.path.join(tmp, "out"), np.float32).reshape(out), ms

failed = 0
def row(name, got, peer, tolerance, where=None):
    global failed
    (a, ms), t = got, time.perf_counter()
    b = peer()
    peer_ms = (time.perf_counter() - t) * 1e3
    d = np.abs(a - b.astype(np.float64))
    if where is not None:
        d = d[where]
    bad = d.max() > tolerance
    failed += bad
    note = "   ours %8.2f ms, peer %9.1f ms: %6.1fx" % (ms, peer_ms, peer_ms / ms) if timing else ""
    print(
        "%-44s largest difference %.2e (allowed %.0e) %s%s"
        % (name, d.max(), tolerance, "FAILED" if bad else "ok", note)
    )

up = tuple(round(n / 0.7) for n in shape)
half = tuple(n // 2 for n in shape)
angle = np.deg2rad(10)
u = np.ones(3) / np.sqrt(3)
k = np.array([[0, -u[2], u[1]], [u[2], 0, -u[0]], [-u[1], u[0], 0]])
turn = np.eye(3) + np.sin(angle) * k + (1 - np.cos(angle)) * (k @ k)  # x, y, z
centre = (np.array(shape[::-1]) - 1) / 2
origin = centre - turn @ centre
matrix = np.hstack([turn, origin[:, None]]).ravel()

try:
    import scipy, scipy.ndimage as nd
    print("scipy", scipy.__version__)
    zoom = [m / n for m, n in zip(up, shape)]
    for name, order, interp, mode, border, grid, tol in [
            ("up by 1/0.7, linear, half-pixel, edge", 1, LINEAR, "nearest", EDGE, HALF, 5e-4),
            ("up by 1/0.7, nearest, half-pixel, edge", 0, NEAREST, "nearest", EDGE, HALF, 0),
            ("up by 1/0.7, cubic, align corners, mirror", 3, CUBIC, "mirror", MIRROR, ALIGN, 1e-3),
            ("up by 1/0.7, cubic, half-pixel, wrap", 3, CUBIC, "grid-wrap", WRAP, HALF, 1e-3)]:
        row(name, ours(up, interp, border, grid),
            lambda: nd.zoom(vol, zoom, order=order, mode=mode, grid_mode=grid == HALF), tol)
    row(
        "half, linear, half-pixel, edge",
        ours(half, LINEAR, EDGE, HALF),
        lambda: nd.zoom(vol, [m / n for m, n in zip(half, shape)], order=1, mode="nearest", grid_mode=True),
        5e-4,
    )
    inv = turn[::-1, ::-1]  # scipy's axes are z, y, x
    for name, order, interp, mode, border, tol in [
            ("turned by 10 degrees, linear, mirror", 1, LINEAR, "mirror", MIRROR, 1e-3),
            ("turned by 10 degrees, linear, edge", 1, LINEAR, "nearest", EDGE, 1e-3),
            ("turned by 10 degrees, cubic, mirror", 3, CUBIC, "mirror", MIRROR, 2e-3),
            ("turned by 10 degrees, cubic, wrap", 3, CUBIC, "grid-wrap", WRAP, 2e-3)]:
        row(name, ours(shape, interp, border, matrix=matrix),
            lambda: nd.affine_transform(vol, inv, origin[::-1], order=order, mode=mode), tol)
except ImportError:
    print("scipy is not installed")
try:
    import skimage, skimage.transform
    print("scikit-image", skimage.__version__)
    third = tuple(n // 3 for n in shape)
    row(
        "to a third, smoothed, linear, mirror",
        ours(third, LINEAR, MIRROR, HALF, antialias=1),
        lambda: skimage.transform.resize(
            vol, third, order=1, mode="reflect", anti_aliasing=True, preserve_range=True
        ),
        1e-3,
        tuple(slice(6, -6) for _ in range(3)),  # its reflect repeats the outer voxel
    )
except ImportError:
    print("scikit-image is not installed")
try:
    import cv2
    cv2.setNumThreads(1)
    print("OpenCV", cv2.__version__)
    def cv(out, kind):
        t = np.empty((shape[0], out[1], out[2]), np.float32)
        for i in range(shape[0]):
            cv2.resize(vol[i], (out[2], out[1]), dst=t[i], interpolation=kind)
        w = t.reshape(shape[0], -1)
        return cv2.resize(w, (w.shape[1], out[0]), interpolation=kind).reshape(out)
    row(
        "up by 1/0.7, linear, half-pixel, edge",
        ours(up, LINEAR, EDGE, HALF),
        lambda: cv(up, cv2.INTER_LINEAR),
        2e-3,
    )
    row(
        "half, linear, half-pixel, edge",
        ours(half, LINEAR, EDGE, HALF),
        lambda: cv(half, cv2.INTER_LINEAR),
        2e-3,
    )
except ImportError:
    print("OpenCV is not installed")
print("%d failed" % failed)
sys.exit(1 if failed != 0 else 0)
