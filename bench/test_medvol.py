"""test_medvol.py - does bench/medvol.py say what medvol.h says? Layouts against a C probe, memory that is not
copied, results against numpy, errors. Ends in "N passed, N failed". Needs numpy and a C compiler."""
import gc
import gzip
import os
import subprocess
import sys
import tempfile
import traceback
import zlib
from pathlib import Path

import numpy as np

import medvol as m

ctx = m.Context(threads=2)
rng = np.random.default_rng(1)
A = rng.normal(100, 30, (9, 11, 13)).astype(np.float32)
I = A.astype(np.int16)
folder = tempfile.TemporaryDirectory()
AFFINE = np.array([[0, 0.9, 0, -5], [-1.1, 0, 0, 7], [0, 0, 1.3, 2], [0, 0, 0, 1]])


def near(a, b, tolerance=0.0):
    a, b = np.asarray(a), np.asarray(b)
    assert a.shape == b.shape, f"shape {a.shape}, expected {b.shape}"
    gap = np.abs(a.astype(complex) - b.astype(complex)).max(initial=0)
    assert gap <= tolerance, f"differs by {gap}, allowed {tolerance}"


def raises(error, call, *args, **options):
    """The exception, of type `error` or a MedvolError of that name."""
    try:
        call(*args, **options)
    except Exception as e:
        found = e.name if isinstance(e, m.MedvolError) else type(e).__name__
        assert found == (error if isinstance(error, str) else error.__name__), f"{e!r}, expected {error}"
        return e
    raise AssertionError(f"no error, expected {error}")


def address(a):
    return a.__array_interface__["data"][0]


# ---- the header as Python sees it ----
def test_layouts():
    lines, expected = [], []
    for name, struct in m.STRUCTS.items():
        lines.append(f'printf("%zu\\n", sizeof({name}));')
        expected.append((name, m.ctypes.sizeof(struct)))
        for field, kind in struct._fields_:
            lines.append(f'printf("%zu\\n", offsetof({name}, {field}));'
                         f'printf("%zu\\n", sizeof((({name} *)0)->{field}));')
            expected.append((f"offset of {name}.{field}", getattr(struct, field).offset))
            expected.append((f"size of {name}.{field}", m.ctypes.sizeof(kind)))
    lines += [f'printf("%d\\n", (int)MEDVOL_{name});' for name in m.CONST]
    expected += [(f"MEDVOL_{name}", value) for name, value in m.CONST.items()]
    probe = Path(folder.name) / "probe"
    source = '#include "medvol.h"\n#include <stdio.h>\nint main(void) {' + "\n".join(lines) + "return 0; }\n"
    compiler = os.environ.get("CC", "cc")
    subprocess.run([compiler, "-xc", "-", "-I", m.ROOT, "-o", probe], input=source, text=True, check=True)
    said = subprocess.run([probe], capture_output=True, text=True, check=True).stdout.split()
    assert len(said) == len(expected) > 300
    for name in ("correlation", "ncc_opt", "gain_offset", "gain_opt", "chi2_sum", "chi2_opt", "angle_range",
                 "angle_opt", "kdtree", "nearest_opt", "medium", "stopping", "transport_opt", "beam",
                 "transport_report", "transport_grid", "transport_step_opt"): assert "mv_" + name in m.STRUCTS
    wrong = [f"{what}: {number} in Python, {c} in C" for (what, number), c in zip(expected, said)
             if number != int(c)]
    assert not wrong, "\n".join(wrong)


def test_every_function_binds():
    callbacks = [name for name, (_, params) in m.PROTOTYPES.items() if "(*" in params or "_fn " in params]
    assert len(m.PROTOTYPES) > 120 and len(callbacks) < 8
    for name in m.PROTOTYPES:
        if name in callbacks and "(*" in m.PROTOTYPES[name][1]: raises(NotImplementedError, m._bind, name)
        elif name not in callbacks: m._bind(name)


# ---- memory ----
def test_no_copies():
    v = m.Volume(A)
    assert v._v.data == address(A) and v.array is A
    out = np.empty_like(A)
    assert ctx.clamp(A, 50, 100, out=out) is out
    new = ctx.clamp(A, 50, 100)
    assert isinstance(new.base, m._Memory) and new.base.owner.data == address(new)
    view = A[2:7, 1:9, 3:11]
    near(ctx.linear(view, 2, 1), view * 2 + 1, 1e-4)
    part = np.zeros_like(A)
    ctx.linear(view, 2, 1, out=part[2:7, 1:9, 3:11])
    near(part[2:7, 1:9, 3:11], view * 2 + 1, 1e-4)
    part[2:7, 1:9, 3:11] = 0
    near(part, 0 * A)


def test_owner_lives_as_long_as_arrays():
    released = []
    class Watched(m._Owner):
        def __del__(self):
            if self.owner: released.append(self.data)
            super().__del__()
    plain, m._Owner = m._Owner, Watched
    try:
        v = ctx.flip(m.Volume(A), (0, 2))
        row, where = v.array[1:3, 2], address(v.array)
        del v
        gc.collect()
        assert not released
        near(row, A[::-1, :, ::-1][1:3, 2])
        del row
        gc.collect()
        assert released == [where]
    finally:
        m._Owner = plain


def test_in_place():
    a = A.copy()
    assert ctx.flip(a, (2,), out=a) is a
    near(a, A[:, :, ::-1])
    assert ctx.znorm(a, out=a) is a
    raises("E_ALIAS", ctx.rot90, a, 1, (1, 2), out=a)
    b = I.copy()
    raises("E_ALIAS", ctx.znorm, b, out=b)
    near(b, I)
    v = m.Volume(A.copy())
    old, kept = v.array, v.array.copy()
    assert ctx.crop(v, (1, 2, 3), (4, 5, 6), out=v) is v
    near(v.array, kept[1:5, 2:7, 3:9])
    near(old, kept)
    assert v._v.data == address(v.array) != address(old)
    before = v.array
    ctx.pad(v, (1, 1, 1), (0, 0, 0), out=v)
    near(before, kept[1:5, 2:7, 3:9])


def test_volumes_keep_geometry():
    v = m.Volume(A, AFFINE)
    near(v.affine, AFFINE)
    near(v.spacing, (1.3, 0.9, 1.1), 1e-12)
    assert v.orientation == "PRS"
    r = ctx.reorient(v, "RAS")
    near(r.array, A.transpose(0, 2, 1)[:, ::-1])
    ijk = np.array([3, 4, 5, 1.0])
    back = np.linalg.inv(r.affine) @ v.affine @ ijk
    near(r.array[tuple(np.rint(back[2::-1]).astype(int))], A[5, 4, 3])
    out = m.Volume(np.empty_like(r.array))
    assert ctx.reorient(v, "RAS", out=out) is out
    near(out.affine, r.affine)


# ---- files ----
def test_files():
    path = Path(folder.name) / "a.nii"
    v = m.Volume(I, AFFINE)
    v.scaling = (0.5, 3)
    ctx.save(path, v, no_sync=1)
    ctx.save(str(path) + ".gz", v, no_sync=1, gzip=1)
    for got in (ctx.load(path), ctx.load_mem(path.read_bytes()), ctx.load(str(path) + ".gz"), ctx.map(path)):
        assert got.dtype == np.int16 and got.scaling == (0.5, 3)
        near(got.array, I)
        near(got.affine, AFFINE, 1e-6)
    assert ctx.map(path).nifti.version == 1
    head = ctx.header(path)
    assert head.array is None and head.shape == I.shape and head.nifti.sform_code == 1
    near(ctx.load(path, dtype="f32").array, I * 0.5 + 3)
    out = np.empty(I.shape, np.float32)
    assert ctx.load(path, out=out).array is out
    near(out, I * 0.5 + 3)
    near(ctx.load(path, start=(1, 2, 3), size=(4, 5, 6)).array, I[1:5, 2:7, 3:9])
    mapped = ctx.map(path, start=(1, 2, 3), size=(4, 5, 6)).array
    gc.collect()
    near(mapped, I[1:5, 2:7, 3:9])


def test_gzip():
    data = I.tobytes()
    near(ctx.inflate(zlib.compress(data)[2:-4], len(data)), np.frombuffer(data, np.uint8))
    assert zlib.decompress(ctx.deflate(I, 6).tobytes(), -15) == data
    packed = ctx.gzip_pack(data, container="gzip_bgzf")
    assert gzip.decompress(packed.tobytes()) == data
    room = np.zeros(len(data), np.uint8)
    assert address(ctx.gzip_unpack(packed, out=room)) == address(room) and room.tobytes() == data
    raises("E_SPACE", ctx.gzip_unpack, packed, len(data) - 1)


# ---- results ----
def test_intensity():
    s = ctx.stats(A)
    near([s.mean, s.sd], [A.mean(dtype=float), A.std(dtype=float)], 1e-9)
    near([s.min, s.max, s.count], [A.min(), A.max(), A.size])
    per = ctx.stats(A, split=0)
    near([p.mean for p in per], A.mean((1, 2), dtype=float), 1e-9)
    near([p.mean for p in ctx.stats(A, split=-1)], A.mean((0, 1), dtype=float), 1e-9)
    mask = A > 100
    near(ctx.stats(A, mask=mask).mean, A[mask].mean(dtype=float), 1e-9)
    near(ctx.percentiles(A, (1, 50, 99)), np.percentile(A.astype(float), (1, 50, 99)), 1e-4)
    near(ctx.percentiles(A, (1, 50), split=1), np.percentile(A.astype(float), (1, 50), axis=(0, 2)).T, 1e-4)
    near(ctx.percentiles(A, (30,), rule="percentile_lower"), np.percentile(A, (30,), method="lower"))
    near(ctx.median(I), np.median(I))
    counts, edges = ctx.histogram(I, 64)
    theirs, their_edges = np.histogram(I, 64)
    near(counts, theirs)
    near(edges, their_edges, 1e-9)
    two = np.where(A > 100, 1000 + A, A)
    near(two > ctx.otsu(two), A > 100)
    near(ctx.znorm(A, sample=1), (A - A.mean()) / A.std(ddof=1), 1e-5)
    near(ctx.rescale(I, -1, 1), (I - I.min()) / (float(I.max()) - I.min()) * 2 - 1, 1e-6)
    near(ctx.threshold(A, 90, 110, binary=1), (A >= 90) & (A <= 110))
    near(ctx.gamma(np.abs(A), 0.5), np.sqrt(np.abs(A)), 1e-5)
    near(ctx.convert(A, "i16"), np.rint(A))
    assert ctx.convert(A, "bf16").dtype == np.dtype("V2") and ctx.convert(A, np.float16).dtype == np.float16


def test_spatial():
    near(ctx.crop(A, (1, 2, 3), (4, 5, 6)), A[1:5, 2:7, 3:9])
    widths = ((1, 0), (2, 3), (0, 4))
    near(ctx.pad(A, *zip(*widths), value=7), np.pad(A, widths, constant_values=7))
    near(ctx.pad(A, *zip(*widths), mode="pad_reflect"), np.pad(A, widths, mode="reflect"))
    near(ctx.crop_or_pad(A, (5, 11, 15), rule="centre_torchio"), np.pad(A[2:7], ((0, 0), (0, 0), (1, 1))))
    hole = np.zeros_like(A)
    hole[2:5, 3:9, 4:6] = 1
    assert ctx.foreground_box(A, by=hole) == ((2, 3, 4), (3, 6, 2))
    near(ctx.crop_foreground(A, by=hole, margin=1), A[1:6, 2:10, 3:7])
    for axes in ((0,), (1,), (2,), (0, -1)): near(ctx.flip(A, axes), np.flip(A, axes))
    for order in ((2, 1, 0), (1, 2, 0), (2, 0, 1)): near(ctx.permute(A, order), A.transpose(order))
    for k in (1, 2, 3):
        for axes in ((0, 1), (1, 2), (2, 0)): near(ctx.rot90(A, k, axes), np.rot90(A, k, axes))
    z = (A + 1j * A[::-1]).astype(np.complex64)
    near(ctx.fft(z), np.fft.fftn(z), 2e-2)
    near(ctx.fft(z, (1,), m.CONST["FFT_UNITARY"]), np.fft.fft(z, axis=1, norm="ortho"), 1e-3)
    near(ctx.rfft(A, (0, 2)), np.fft.rfftn(A, axes=(0, 2)), 2e-2)
    near(ctx.irfft(ctx.rfft(A), flags=m.CONST["FFT_SCALED"], shape=(0, 0, A.shape[2])), A, 1e-3)
    four = rng.integers(0, 255, (3, 4, 5, 6), np.uint8)
    near(ctx.permute(four, (3, 0, 2, 1)), four.transpose(3, 0, 2, 1))


def test_resampling():
    double = ctx.resample_shape(A, (9, 11, 26), grid="grid_half_pixel")
    near(double[:, :, 2:-2:2], 0.75 * A[:, :, 1:-1] + 0.25 * A[:, :, :-2], 1e-4)
    v = m.Volume(A, np.diag([2, 3, 4, 1]))
    r = ctx.resample_spacing(v, (4, 3, 1), interp="nearest")
    assert r.shape == (9, 11, 26) and isinstance(r, m.Volume)
    near(r.spacing, (4, 3, 1), 1e-12)
    near(ctx.resample_like(r, v, interp="nearest", border="border_edge").array, A)
    shift = np.eye(4)
    shift[:3, 3] = 1, 2, 3
    moved = ctx.resample_affine(A, shift, (4, 5, 6))
    near(moved, A[3:7, 2:7, 1:7])


# ---- transforms, fields, registration ----
def blobs(*shift):
    """Three Gaussian blobs in 24 x 26 x 28 voxels, moved by shift (z, y, x)."""
    z, y, x = np.mgrid[:24, :26, :28].astype(np.float32)
    places = ((12, 13, 14, 20), (8, 16, 10, 9), (16, 9, 18, 12))
    return sum(np.exp(-((z - a - shift[0]) ** 2 + (y - b - shift[1]) ** 2 + (x - c - shift[2]) ** 2) / s)
               for a, b, c, s in places).astype(np.float32)


def field_of(*vector):
    return np.broadcast_to(np.reshape(vector, (3, 1, 1, 1, 1)), (3, 1, 24, 26, 28)).astype(np.float32)


def test_transforms():
    still, u = blobs(0, 0, 0), field_of(1, 2, -3)  # x, y, z
    inside = (slice(4, -4),) * 3
    near(ctx.warp(still, still, u)[inside], blobs(3, -2, -1)[inside], 1e-5)
    near(ctx.warp(still, still, ("field", u, "inverse"))[inside], blobs(-3, 2, 1)[inside], 1e-4)
    shift = np.eye(4)
    shift[:3, 3] = 1, 2, -3
    near(ctx.warp(still, still, shift), ctx.warp(still, still, [u]), 1e-5)
    near(ctx.warp(still, still, [shift, ("affine", shift[:3], "inverse")]), still, 1e-5)
    near(ctx.warp(still, still, []), still)
    near(ctx.transform_field(still, [u, shift]), 2 * u, 1e-5)
    near(ctx.transform_field(still, ("velocity", u)), ctx.field_exp(u), 1e-5)
    near(ctx.field_exp(u, inverse=1), -u, 1e-5)
    near(ctx.field_invert(u), -u, 1e-5)
    near(ctx.transform_field(still, ("bspline", u)), u, 1e-5)
    labels = (still > 0.3).astype(np.uint8)
    near(ctx.warp(labels, still, u, interp="nearest")[inside], (blobs(3, -2, -1) > 0.3)[inside])
    scaled = m.Volume(still, np.diag([2, 3, 4, 1]))
    got = ctx.warp(scaled, scaled, field_of(2, 6, -12))
    assert isinstance(got, m.Volume)
    near(got.array[inside], blobs(3, -2, -1)[inside], 1e-5)
    raises(ValueError, ctx.warp, still, still, ("spline", u))
    raises(ValueError, ctx.warp, still, still, ("field", u, "backwards"))
    raises(ValueError, ctx.warp, still, still, ("affine", np.eye(3)))
    raises("E_SHAPE", ctx.warp, still, still, u[:2])


def test_measures():
    a, b = field_of(1, 2, -3), field_of(1, -1, 1)
    e = ctx.metric_field(a, b)
    near([e.mean, e.median, e.p95, e.max, e.rms], [5] * 5, 1e-6)
    near(ctx.metric_field(a).mean, np.sqrt(14), 1e-6)
    half = np.zeros((24, 26, 28), np.uint8)
    half[:12] = 1
    assert ctx.metric_field(a, b, mask=half).count == half.sum() == e.count // 2
    grow = np.zeros((3, 1, 24, 26, 28), np.float32)
    grow[0] = 0.5 * np.arange(28)
    s = ctx.field_jacobian(grow)
    near([s.mean, s.least, s.greatest, s.log_mean, s.folded], [1.5, 1.5, 1.5, np.log(1.5), 0], 1e-6)
    det, s = ctx.field_jacobian(-3 * grow, image=True, strict=1, mask=half)
    near(det, np.full(half.shape, -0.5, np.float32), 1e-6)
    assert s.folded == s.voxels == half.sum() and s.share == 1
    x, y = rng.integers(0, 5, (2, 6, 7, 8)).astype(np.int16)
    mean, table = ctx.metric_labels(x, y)
    dice = [2 * np.sum((x == k) & (y == k)) / (np.sum(x == k) + np.sum(y == k)) for k in range(1, 5)]
    near([t.dice for t in table], dice, 1e-12)
    near(mean, np.mean(dice), 1e-12)
    near([t.label for t in ctx.metric_labels(x, y, background=True)[1]], range(5))
    near(ctx.metric_labels(x, y, labels=[3, 1])[0], (dice[0] + dice[2]) / 2, 1e-12)
    many = np.arange(2000, dtype=np.int32).reshape(10, 10, 20)
    assert len(ctx.metric_labels(many, many)[1]) == 1999


def test_registration():
    still, moved = blobs(0, 0, 0), blobs(2, -1, 1.5)
    a = ctx.register_affine(moved, still, model="translation", metric="ssd")
    near(a[:3, 3], (-1.5, 1, -2), 0.02)
    assert ctx.report.levels >= 1 and ctx.report.iterations[0] >= 1 and ctx.report.overlap > 0.5
    ctx.register_affine(moved, still, metric="mi", levels=1, iterations=3, init="init_header")
    assert ctx.report.levels == 1 and 1 <= ctx.report.iterations[0] <= 3
    mask = np.zeros(still.shape, np.uint8)
    mask[2:-2, 2:-2, 2:-2] = 1
    b = ctx.register_affine(moved, still, model="translation", start=a[:3], fixed_mask=mask, moving_mask=mask,
                            slope=-1)
    near(b[:3, 3], (-1.5, 1, -2), 0.02)
    v = m.Volume(moved, np.diag([2, 2, 2, 1]))
    u = ctx.register_lncc(v, m.Volume(still, v.affine), iterations=20)
    assert isinstance(u, m.Volume) and u.shape == (3, 1) + still.shape
    near(u.affine, v.affine)
    before, after = (np.abs(w - moved).mean() for w in (still, ctx.warp(still, moved, u.array / 2)))
    assert after < 0.3 * before, (before, after)
    centre = u.array[:, 0, 10:15, 10:15, 10:15].mean((1, 2, 3))
    near(centre, (-3, 2, -4), 1.2)
    rest = ctx.register("lncc", moved, still, start=a, iterations=5)
    assert ctx.metric_field(rest).mean < 0.2
    assert isinstance(m.Volume.unmade(), m.Volume)
    raises(TypeError, ctx.register_lncc, moved, still, nonsense=1)
    raises(ValueError, ctx.register, "nothing", moved, still)
    raises(ValueError, ctx.register_affine, moved, still, start=np.eye(3))
    raises("E_RANGE", ctx.register_lncc, moved, still, radius=-1)
    raises("E_SHAPE", ctx.register_lncc, moved, still, fixed_mask=mask[1:])


# ---- correlation, chi-squared, angles ----
B = (0.7 * A + rng.normal(0, 20, A.shape)).astype(np.float32)


def test_correlation():
    a, b = A.astype(float), B.astype(float)
    r = ctx.ncc(A, B)
    near(r.r, np.corrcoef(a.ravel(), b.ravel())[0, 1], 1e-12)
    near([r.mean_a, r.mean_b, r.sd_a, r.sd_b], [a.mean(), b.mean(), a.std(), b.std()], 1e-9)
    near(r.covariance, np.mean((a - a.mean()) * (b - b.mean())), 1e-8)
    assert (r.count, r.skipped, r.flags) == (A.size, 0, 0)
    for axis, kept in ((0, (1, 2)), (2, (0, 1)), (-2, (0, 2))):
        each = ctx.ncc(A, B, split=axis)
        x, y = a - a.mean(kept, keepdims=True), b - b.mean(kept, keepdims=True)
        near(each["r"], (x * y).mean(kept) / np.sqrt((x * x).mean(kept) * (y * y).mean(kept)), 1e-12)
    chosen, w = A > 100, np.abs(B) + 1
    near(ctx.ncc(A, B, mask=chosen).r, np.corrcoef(a[chosen], b[chosen])[0, 1], 1e-12)
    c = np.cov(a[chosen], b[chosen], aweights=w[chosen].astype(float))
    near(ctx.ncc(A, B, mask=chosen, weights=w).r, c[0, 1] / np.sqrt(c[0, 0] * c[1, 1]), 1e-12)
    scaled = m.Volume(I)
    scaled.scaling = (-0.5, 3)
    near(ctx.ncc(scaled, B).r, -np.corrcoef(I.ravel(), b.ravel())[0, 1], 1e-12)
    holes = A.copy()
    holes[2, 3, 4], holes[0, 0, 0] = np.nan, np.inf
    good = np.isfinite(holes)
    r = ctx.ncc(holes, B)
    near(r.r, np.corrcoef(a[good], b[good])[0, 1], 1e-12)
    assert (r.count, r.skipped) == (A.size - 2, 2)
    r = ctx.ncc(np.ones_like(A), B)
    assert r.flags == m.CONST["FIT_CONSTANT_A"] and np.isnan(r.r)
    for kind in (np.float64, np.float32):
        x, y = ((v[0].ravel() / 3).astype(kind) for v in (a, b))  # doubles that floats are not
        near(ctx.pearson(x, y).r, np.corrcoef(x.astype(float), y.astype(float))[0, 1], 1e-12)
        weights = w[0].ravel().astype(kind)
        c = np.cov(x.astype(float), y.astype(float), aweights=weights.astype(float))
        near(ctx.pearson(x, y, weights).r, c[0, 1] / np.sqrt(c[0, 0] * c[1, 1]), 1e-12)
    assert ctx.pearson(a[0, 0, :1], b[0, 0, :1]).flags & m.CONST["FIT_FEW"]
    rows = A.reshape(-1, 13)
    want = [np.corrcoef(v.astype(float), b[4, 5])[0, 1] for v in rows]
    near(ctx.pearson_rows(rows, B[4, 5])["r"], want, 1e-12)
    raises("E_SHAPE", ctx.ncc, A, B[1:5])
    raises("E_RANGE", ctx.ncc, A, B, weights=-w)
    raises(ValueError, ctx.pearson, a[0, 0], b[0, 0, 1:])
    raises(ValueError, ctx.pearson_rows, rows, B[0, 0, 1:])


def test_gain_and_offset():
    rows, models, w = A.reshape(-1, 13), B.reshape(-1, 13), np.arange(1, 14, dtype=np.float32)
    for model in (models[7], models):
        for weights in (None, w):
            g = ctx.fit_gain_offset_rows(rows, model, weights)
            for i in (0, 50, 98):
                x, y = np.broadcast_to(model, rows.shape)[i].astype(float), rows[i].astype(float)
                u = np.ones(13) if weights is None else w.astype(float)
                line, cov = np.polyfit(x, y, 1, w=np.sqrt(u), cov=True)
                near([g["gain"][i], g["offset"][i]], line, 1e-8)
                near(g["residual"][i], np.sum(u * (y - np.polyval(line, x)) ** 2), 1e-6)
                near([g["var_gain"][i], g["covariance"][i], g["var_offset"][i]], cov.ravel()[[0, 1, 3]], 1e-6)
    g = ctx.fit_gain_offset(A, B, split=0)
    near([[r["gain"], r["offset"]] for r in g],
         [np.polyfit(b.ravel().astype(float), a.ravel().astype(float), 1) for a, b in zip(A, B)], 1e-8)
    g = ctx.fit_gain_offset(3 * B + 5, B)
    near([g.gain, g.offset, g.r], [3, 5, 1], 1e-4)
    u = 1 / np.full(A.shape, 4, np.float32)
    g = ctx.fit_gain_offset(A, B, weights=u, known=1)
    near(g.var_gain, 4 / np.sum((B - B.mean(dtype=float)) ** 2), 1e-12)
    assert ctx.fit_gain_offset(A, np.ones_like(A)).flags == m.CONST["FIT_CONSTANT_B"]
    raises(ValueError, ctx.fit_gain_offset_rows, rows, models[:5])


def test_chi_squared():
    d = A.astype(float) - B
    r = ctx.chi2(A, B, sigma=3, fitted=2)
    near([r.chi2, r.dof, r.reduced], [np.sum(d * d) / 9, A.size - 2, np.sum(d * d) / 9 / (A.size - 2)], 1e-7)
    near(ctx.chi2(A, sigma=3).chi2, np.sum(A.astype(float) ** 2) / 9, 1e-5)
    sigmas = np.linspace(1, 3, 11)
    near(ctx.chi2(A, B, split=1, sigmas=sigmas)["chi2"], np.sum(d * d, (0, 2)) / sigmas ** 2, 1e-7)
    every = rng.uniform(1, 4, A.shape).astype(np.float32)
    near(ctx.chi2(A, B, sigma_map=every).chi2, np.sum((d / every) ** 2), 1e-7)
    near(ctx.chi2(A, B, sigma=2, mask=d > 0).chi2, np.sum(d[d > 0] ** 2) / 4, 1e-7)
    series, model = (v.reshape(3, 3, 11, 13) for v in (A, B))
    d = series.astype(float) - model
    got = ctx.chi2_map(series, model, sigmas=(1, 2, 4))
    assert got.shape == (3, 11, 13) and got.dtype == np.float32
    near(got / np.sum((d / np.reshape((1, 2, 4), (3, 1, 1, 1))) ** 2, 0), np.ones((3, 11, 13)), 1e-6)
    near(ctx.chi2_map(series, model, sigma=2, reduced=1, fitted=1) / (np.sum(d * d, 0) / 8),
         np.ones((3, 11, 13)), 1e-6)
    raises("E_RANGE", ctx.chi2, A, B)
    raises("E_RANGE", ctx.chi2, A, B, sigma=np.nan)
    raises("E_RANGE", ctx.chi2, A, B, sigma=1, sigma_map=every)


def test_angles():
    x = np.concatenate([rng.uniform(-1000, 1000, 1001), [10, 350, 370, -10, 0, 360, np.nan, np.inf]])
    ranges = ((-10, 10), (170, 190))
    with np.errstate(invalid="ignore"):
        plain = ((x >= -10) & (x <= 10)) | ((x >= 170) & (x <= 190))
        t = x - 360 * np.floor(x / 360)
        turned = (t >= 350) | (t <= 10) | ((t >= 170) & (t <= 190))
        opened = ((t >= 350) | (t < 10)) | ((t >= 170) & (t < 190))
    for want, opt in ((plain, {}), (turned, {"period": 360}), (opened, {"period": 360, "half_open": 1})):
        index, bits = ctx.angle_select(x, ranges, bits=True, **opt)
        near(index, np.flatnonzero(want))
        near(bits, np.packbits(want, bitorder="little"))
    assert index.dtype == np.uint32 and 100 < index.size < 300
    near(ctx.angle_select(x, ((0, 360),), period=360), np.flatnonzero(np.isfinite(x)))
    assert ctx.angle_select(x, ()).size == 0 == ctx.angle_select([], ranges).size
    raises("E_RANGE", ctx.angle_select, x, ((10, -10),))
    raises("E_RANGE", ctx.angle_select, x, ranges, period=-1)
    raises(ValueError, ctx.angle_select, x, ((1, 2, 3),))


# ---- nearest neighbours ----
def test_kdtree():
    for dims in (2, 3):
        p, q = np.round(rng.uniform(0, 1, (dims, 700)), 2), np.round(rng.uniform(0, 1, (dims, 90)), 2)
        far = sum((q[a][:, None] - p[a]) ** 2 for a in range(dims))  # in the order that the header has
        order = np.argsort(far, 1, kind="stable")
        tree = ctx.kdtree(*p)
        for k in (1, 8, 31):
            index, d2 = tree.nearest(q, k)
            near(index, order[:, :k])
            near(d2, np.take_along_axis(far, order, 1)[:, :k])
        index, d2 = tree.nearest(q, 3, radius=0.06)
        near(index == m.NO_NEIGHBOUR, np.take_along_axis(far, order, 1)[:, :3] > 0.06 ** 2)
        near(np.isinf(d2), index == m.NO_NEIGHBOUR)
        assert 0 < np.count_nonzero(np.isinf(d2)) < d2.size
        start, index, d2 = tree.radius(q, 0.15)
        near(start, np.concatenate([[0], np.cumsum((far <= 0.15 * 0.15).sum(1))]))
        near(index, np.concatenate([o[:n] for o, n in zip(order, np.diff(start.astype(int)))]))
        near(d2, np.sort(far, 1)[np.sort(far, 1) <= 0.15 * 0.15])
        near(tree.radius(q, 0.15, lists=False), start)
        assert index.size > 90
    serial = m.Context(threads=1).kdtree(*p)
    for a, b in zip(serial.nearest(q, 5), ctx.kdtree(*p).nearest(q, 5)): near(a, b)
    few, d2 = ctx.kdtree([1.0], [2.0]).nearest(([4.0], [6.0]), 2)
    assert few.tolist() == [[0, m.NO_NEIGHBOUR]] and d2.tolist() == [[25, np.inf]]
    assert ctx.kdtree([], [], []).nearest(q)[0].tolist() == [[m.NO_NEIGHBOUR]] * 90
    raises("E_RANGE", ctx.kdtree, [1.0, np.nan], [0.0, 0.0])
    raises("E_RANGE", tree.nearest, q, 0)
    raises("E_RANGE", tree.radius, q, -1)
    raises("E_NULL", tree.nearest, q[:2])
    raises("E_SHAPE", ctx.kdtree(*p[:2]).nearest, q)
    raises(ValueError, ctx.kdtree, [1.0], [2.0, 3.0])
    none = m.ctypes.c_void_p()
    raises("E_NULL", ctx._call, "mv_kdtree_nearest", None, none, none, none, none, none, 1, 1, none)
    start, small, far = np.zeros(91, np.uintp), np.full(3, 7, np.uint32), np.full(3, 7.0)
    places = [a.ctypes.data for a in (start, small, far, *q)]
    raises("E_SPACE", ctx._call, "mv_kdtree_radius", m.byref(tree._tree), *places[:3], 3, *places[3:], 90,
           0.15)
    near(start, tree.radius(q, 0.15, lists=False))
    assert (small == 7).all() and (far == 7).all()


# ---- LZ4 ----
def test_nufft():
    rng = np.random.default_rng(10)
    noise = lambda *shape: rng.standard_normal((*shape, 2)).astype("f4").view("c8")[..., 0]
    k = rng.uniform(-1, 1, (5, 9, 3)) * [6, 5.5, 0]      # shots, samples, (kx, ky, kz)
    image, data, weights = noise(3, 1, 11, 12), noise(3, 5, 9, 1), rng.random((1, 5, 9, 1)).astype("f4")
    plan = ctx.nufft((11, 12), k, tolerance=1e-5)
    at = [np.arange(n) - n // 2 for n in (11, 12)]
    waves = [np.exp(-2j * np.pi * k[..., a, None] * x / n) for a, x, n in ((1, at[0], 11), (0, at[1], 12))]
    want = np.einsum("cyx,sjy,sjx->csj", image[:, 0], *waves) / np.sqrt(132)
    got = plan.forward(image)
    assert got.shape == (3, 5, 9, 1) and got.dtype == np.complex64
    assert np.linalg.norm(got[..., 0] - want) < 2e-5 * np.linalg.norm(want)
    back = plan.adjoint(data, weights=weights)
    want = np.einsum("csj,sjy,sjx->cyx", (data * weights)[..., 0], *map(np.conj, waves)) / np.sqrt(132)
    assert np.linalg.norm(back[:, 0] - want) < 2e-5 * np.linalg.norm(want)
    out = np.empty((3, 5, 9, 1), np.complex64)
    assert plan.forward(image, out=out) is out and np.array_equal(out, got)
    v = plan.adjoint(m.Volume(data), weights=weights)
    assert isinstance(v, m.Volume) and np.array_equal(v.array, back)
    raises("E_SHAPE", plan.forward, image[:, :, :-1])
    raises("E_RANGE", ctx.nufft, (11, 12), k * np.nan)


def lz4_decoded(block):
    """As the format's description has it, a byte at a time."""
    out, i = bytearray(), 0
    def length(n):
        nonlocal i
        while n >= 15:
            n, i = n + block[i], i + 1
            if block[i - 1] < 255: break
        return n
    while True:
        token, i = block[i], i + 1
        n = length(token >> 4)
        out += block[i : i + n]
        i += n
        if i == len(block): return bytes(out)
        back, i = block[i] + 256 * block[i + 1], i + 2
        for _ in range(length(token & 15) + 4): out.append(out[-back])


def test_lz4():
    runs = np.repeat(rng.integers(0, 4, 700), rng.integers(1, 90, 700)).astype(np.uint8).tobytes()
    for data in (b"", b"x", b"medvol" * 3, bytes(70000), runs, I.tobytes(), rng.bytes(5000)):
        block = ctx.lz4_compress(data)
        assert lz4_decoded(block.tobytes()) == data
        assert ctx.lz4_decompress(block, len(data)).tobytes() == data
        assert block.size <= m.C["mv_lz4_bound"](len(data))
        if data is runs or len(data) == 70000: assert block.size < len(data) / 5
        for level in (1, 3):
            m.level_force(level)
            assert np.array_equal(ctx.lz4_compress(data), block)
        m.level_force(0)
    # five literals, a match of 6 + 19 bytes at distance 2, two literals
    block = bytes([0x5F]) + b"abcde" + bytes([2, 0, 10]) + bytes([0x20]) + b"xy"
    want = b"abcde" + (b"de" * 15)[:29] + b"xy"
    assert lz4_decoded(block) == want == ctx.lz4_decompress(block, 100).tobytes()
    room = np.zeros(len(want), np.uint8)
    assert address(ctx.lz4_decompress(block, out=room)) == address(room) and room.tobytes() == want
    raises("E_SPACE", ctx.lz4_decompress, block, len(want) - 1)
    raises("E_CORRUPT", ctx.lz4_decompress, block[:-1], 100)
    raises("E_CORRUPT", ctx.lz4_decompress, bytes([0x1F]) + b"a" + bytes([9, 0, 0]), 100)
    raises("E_SPACE", ctx.lz4_compress, rng.bytes(100), out=np.empty(50, np.uint8))
    raises(ValueError, ctx.lz4_compress, b"x", out=np.empty(50, np.int16))
    assert m.C["mv_lz4_bound"](0x7E000001) == 2 ** (8 * m.ctypes.sizeof(m.ctypes.c_size_t)) - 1


# ---- transport of protons ----
def test_stopping():
    water = ctx.stopping()
    e = np.array([1.0, 10, 70, 150, 250])
    near(ctx.stopping_power(water, e) / [260.8, 45.67, 9.559, 5.445, 3.911], np.ones(5), 1e-3)  # PSTAR
    r = ctx.stopping_range(water, e)
    near(ctx.stopping_energy(water, r) / e, np.ones(5), 1e-9)
    h = 1e-3
    slope = (ctx.stopping_range(water, e[1:4] + h) - ctx.stopping_range(water, e[1:4] - h)) / (2 * h)
    near(slope * ctx.stopping_power(water, e[1:4]), np.ones(3), 2e-3)
    mixture = ctx.medium((1, 8), (1.008, 15.999), (0.111894, 0.888106), 1, 75)
    near(mixture.electrons, 0.111894 / 1.008 + 8 * 0.888106 / 15.999, 1e-12)
    near(ctx.stopping_range(ctx.stopping(mixture), e[2:]) / r[2:], np.ones(3), 0.02)
    t = e[:4]
    pv = t * (t + 2 * 938.272) / (t + 938.272)
    rossi = ctx.scattering_power(water, t, 250, "scatter_rossi")
    near(rossi * water.medium.radiation / (15 / pv) ** 2, np.ones(4), 1e-5)
    for t in (0.0, 0.3, 40.0):
        wave = np.fft.irfft(np.exp(t * (np.cos(2 * np.pi * np.arange(513) / 1024) - 1)))[:60]
        near(ctx.gaussian_discrete(60, t), wave, 1e-14)
    near(ctx.transport_energies(12, 1, 100), np.linspace(1, 100, 12), 1e-12)
    near(ctx.transport_energies(12, 1, 100, 1), np.geomspace(1, 100, 12), 1e-11)
    even = ctx.stopping_range(water, ctx.transport_energies(12, 1, 100, 2, water))
    near(even, np.linspace(even[0], even[-1], 12), 1e-9)
    raises("E_RANGE", ctx.stopping_power, water, [300.0])
    raises("E_RANGE", ctx.scattering_power, water, [np.nan], 100)
    raises("E_RANGE", ctx.transport_energies, 5, 100, 1)


def test_transport_step():
    water = ctx.stopping()
    energy = ctx.transport_energies(30, 1, 100)
    grid = {"dx": 2, "dz": 2, "angle": -0.5, "dangle": 0.1, "cutoff": 2}
    psi, dose = np.zeros((30, 11, 9, 7), np.float32), np.full((9, 7), 0.25)
    psi[25, 5, 3, 2] = 8  # straight ahead
    report = ctx.transport_step(psi, dose, energy, water, 1, grid, report=True, straight=1)
    left = ctx.stopping_energy(water, ctx.stopping_range(water, [energy[25]]) - 0.1)[0]
    near(psi[:, 5, 3:5, 2].sum(0), [4, 4], 1e-5)  # half a cell on
    near(psi.sum(), 8, 1e-5)
    weights = psi.sum((1, 2, 3), dtype=float)
    near(weights @ energy / 8, left, 1e-4)
    assert np.count_nonzero(weights) == 2
    where = np.zeros((9, 7))
    where[3:5, 2] = 4 * (energy[25] - left)
    near(dose - 0.25, where, 1e-3)
    near([report.weight[0], report.weight[4], report.energy[1]], [8, 8, 8 * (energy[25] - left)], 2e-3)
    psi[:] = rng.uniform(0, 1, psi.shape)
    for opt in ({}, {"strang": 1}, {"scatter": "scatter_rossi"}):
        start, before = psi.sum(dtype=float), np.einsum("e,eazx->", energy, psi.astype(float))
        dose[:] = 0
        r = ctx.transport_step(psi, dose, energy, water, 1.5, grid, report=True, **opt)
        near(np.array([r.weight[0], r.weight[4]]) / [start, psi.sum(dtype=float)], [1, 1], 1e-6)
        near([r.energy[0] / before, r.energy[1] / dose.sum()], [1, 1], 1e-6)
        near([sum(r.weight[1:]) / r.weight[0], sum(r.energy[1:]) / r.energy[0]], [1, 1], 1e-6)
        assert min(r.weight[1:5]) > 0 and (psi >= 0).all()
    both = [(psi.copy(), np.zeros((9, 7))) for _ in range(3)]
    for threads, (p, d) in zip((1, 2, 5), both):
        m.Context(threads=threads).transport_step(p, d, energy, water, 1, grid)
    assert len({p.tobytes() + d.tobytes() for p, d in both}) == 1
    kept = psi.copy()
    raises("E_RANGE", ctx.transport_step, psi, dose, energy, water, -1, grid)
    raises("E_RANGE", ctx.transport_step, psi, dose, energy, water, 1, {**grid, "cutoff": 0.5})
    raises("E_RANGE", ctx.transport_step, psi, dose, energy[::-1].copy(), water, 1, grid)
    raises(ValueError, ctx.transport_step, psi, dose.T.copy(), energy, water, 1, grid)
    raises(ValueError, ctx.transport_step, psi.astype(float), dose, energy, water, 1, grid)
    raises(ValueError, ctx.transport_step, psi, dose, energy[1:], water, 1, grid)
    near(psi, kept)


# ---- misuse ----
def test_errors():
    e = raises("E_RANGE", ctx.clamp, A, 2, 1)
    assert "clamp" in str(e) and e.status == m.CONST["E_RANGE"] and e.field
    raises("E_SHAPE", ctx.clamp, A, 0, 1, out=np.empty((2, 3, 4), np.float32))
    raises("E_ALIAS", ctx.flip, A[1:], (0,), out=A[:-1])
    raises("E_NOTFOUND", ctx.load, os.path.join(folder.name, "none.nii"))
    raises("E_SHAPE", m.Volume, A[:, :, ::2])
    raises("E_SHAPE", m.Volume, A.T)
    raises(TypeError, ctx.znorm, A.astype(">f4"))
    raises(TypeError, ctx.znorm, A, nonsense=1)
    raises(ValueError, ctx.resample_shape, A, (2, 2, 2), interp="cubical")
    raises(ValueError, ctx.crop, A, (0, 0), (2, 2))
    raises(ValueError, ctx.crop, A, (0, 0, -1), (2, 2, 2))
    raises(IndexError, ctx.flip, A, (3,))
    locked = A.copy()
    locked.flags.writeable = False
    raises(ValueError, ctx.znorm, A, out=locked)
    raises("E_RANGE", m.Context, threads=-1)


def test_levels_and_threads():
    results = []
    for level in (1, 2, 4):
        assert m.level_force(level) <= level
        results += [m.Context(threads=t).znorm(A).tobytes() for t in (1, 3)]
    m.level_force(0)
    assert len(set(results)) == 1


failed = 0
tests = [(name, f) for name, f in list(globals().items()) if name.startswith("test_")]
for name, test in tests:
    try:
        test()
    except Exception:
        failed += 1
        print(f"FAILED  {name}\n{traceback.format_exc()}")
print(f"{len(tests) - failed} passed, {failed} failed")
sys.exit(failed > 0)
