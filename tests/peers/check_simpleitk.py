"""Directions and units against SimpleITK: affines as text, fields as NIfTI; files are LPS, memory is RAS+.
    python3 check_simpleitk.py          (needs build/libmedvol.so)

Volumes are oblique, anisotropic and, in turn, left-handed. What one side writes the other reads; points go
through both, images are warped by both; a shifted pair registered here is resampled there. Compared over the
voxels that lie within the moving image."""
import sys, tempfile
from pathlib import Path
import numpy as np
import SimpleITK as sitk

sys.path.insert(0, str(Path(__file__).parents[2] / "bench"))
import medvol

LPS = np.diag([-1.0, -1, 1, 1])
rng = np.random.default_rng(11)
tmp = Path(tempfile.mkdtemp())
ctx = medvol.Context(threads=2)
passed = failed = 0

def check(name, gap, most):
    global passed, failed
    fine = gap <= most  # not a number fails
    passed, failed = passed + fine, failed + (not fine)
    print(f"{'ok' if fine else 'FAILED':7} {name}: {gap:.3g} (up to {most:g})")

def turn(a, b, c):
    out = np.eye(3)
    for axis, t in enumerate((a, b, c)):
        r = np.eye(3)
        i, j = (axis + 1) % 3, (axis + 2) % 3
        r[i, i] = r[j, j] = np.cos(t)
        r[i, j], r[j, i] = -np.sin(t), np.sin(t)
        out = out @ r
    return out

def geometry(shape, spacing, angles, centre, flip=False):
    """4 x 4 of a grid (z, y, x) about a centre in mm."""
    m = np.eye(4)
    m[:3, :3] = turn(*angles) @ np.diag(spacing)
    if flip: m[:3, 0] *= -1
    m[:3, 3] = np.asarray(centre) - m[:3, :3] @ ((np.array(shape[::-1]) - 1) / 2)
    return m

def blobs(shape, m):
    """A smooth function of world position."""
    z, y, x = np.meshgrid(*[np.arange(n) for n in shape], indexing="ij")
    p = np.einsum("rc,czyx->rzyx", m[:3, :3], np.stack([x, y, z])) + m[:3, 3].reshape(3, 1, 1, 1)
    out = np.zeros(shape)
    for c, s, h in (((4, -3, 2), 9, 900), ((-12, 8, 5), 6, 700), ((7, 13, -9), 7, 500),
                    ((-5, -14, -6), 8, 600)):
        out += h * np.exp(-sum((p[k] - c[k]) ** 2 for k in range(3)) / (2 * s * s))
    return out.astype(np.float32)

for flip in (False, True):
    kind = "left-handed" if flip else "right-handed"
    fm = geometry((40, 44, 48), (1.3, 1.1, 1.6), (0.2, -0.3, 0.15), (1, -2, 3), flip)
    mm = geometry((46, 42, 50), (1.2, 1.5, 1.25), (-0.1, 0.25, 0.3), (-1, 2, -2))
    fixed, moving = (medvol.Volume(blobs(s, m), m) for s, m in (((40, 44, 48), fm), ((46, 42, 50), mm)))
    for name, v in (("fixed", fixed), ("moving", moving)): ctx.save(tmp / f"{name}.nii.gz", v)
    theirs = {name: sitk.ReadImage(str(tmp / f"{name}.nii.gz"), sitk.sitkFloat32)
              for name in ("fixed", "moving")}

    def there(transform):
        return sitk.GetArrayFromImage(sitk.Resample(theirs["moving"], theirs["fixed"], transform,
                                                    sitk.sitkLinear, -1.0))

    def same(name, transform, chain):
        a, b = there(transform), ctx.warp(moving, fixed, chain).array
        inside = a >= 0
        check(f"{kind}, {name}", np.abs(a - b)[inside].max() / 900 if inside.mean() > 0.5 else np.nan, 2e-5)

    # grids and points
    for point in rng.uniform(0, 30, (3, 3)):
        p = theirs["fixed"].TransformContinuousIndexToPhysicalPoint(point.tolist())
        check(f"{kind}, a voxel's place", np.abs(LPS[:3, :3] @ p - (fm @ [*point, 1])[:3]).max(), 1e-4)
    # affines: ours written, theirs written
    a = np.eye(4)
    a[:3, :3] = turn(0.05, -0.08, 0.1) @ np.diag([1.05, 0.97, 1.02])
    a[:3, 3] = 2.5, -1.75, 3.25
    ctx.affine_save(tmp / "a.tfm", a)
    t = sitk.ReadTransform(str(tmp / "a.tfm"))
    for point in rng.uniform(-30, 30, (3, 3)):
        there_p = LPS[:3, :3] @ t.TransformPoint((LPS[:3, :3] @ point).tolist())
        check(f"{kind}, a point through our affine", np.abs(there_p - (a @ [*point, 1])[:3]).max(), 1e-9)
    same("our affine", t, a)
    euler = sitk.Euler3DTransform((3.0, -4.0, 5.0), 0.1, -0.07, 0.04, (1.5, 2.5, -3.0))
    sitk.WriteTransform(euler, str(tmp / "e.tfm"))
    same("their rigid map", euler, ctx.affine_load(tmp / "e.tfm"))
    # fields: ours written, theirs written
    u = np.stack([1.5 + 2 * np.sin(0.1 * k) for k in np.meshgrid(*[np.arange(n) for n in (40, 44, 48)],
                                                               indexing="ij")])
    u[1] -= 3
    field = medvol.Volume(u[:, None].astype(np.float32), fm)
    ctx.field_save(tmp / "u.nii.gz", field)
    read = sitk.ReadImage(str(tmp / "u.nii.gz"), sitk.sitkVectorFloat64)
    check(f"{kind}, components", read.GetNumberOfComponentsPerPixel(), 3)
    same("our field", sitk.DisplacementFieldTransform(read), field)
    made = sitk.TransformToDisplacementField(euler, sitk.sitkVectorFloat64, theirs["fixed"].GetSize(),
                                             theirs["fixed"].GetOrigin(), theirs["fixed"].GetSpacing(),
                                             theirs["fixed"].GetDirection())
    sitk.WriteImage(sitk.Cast(made, sitk.sitkVectorFloat32), str(tmp / "v.nii.gz"))
    same("their field", sitk.DisplacementFieldTransform(made), ctx.field_load(tmp / "v.nii.gz"))
    # what registration finds here, applied there
    pushed = np.eye(4)
    pushed[:3, 3] = 3.0, -2.0, 1.5
    moved = medvol.Volume(ctx.warp(moving, fixed, pushed).array, fm)
    def left(transform):
        gap = (there(transform) - moved.array)[8:-8, 8:-8, 8:-8]
        return float(np.sqrt(np.square(gap).mean()) / moved.array.std())
    before = left(sitk.Transform())
    found = ctx.register_affine(moved, moving, model="rigid")
    ctx.affine_save(tmp / "f.tfm", found)
    check(f"{kind}, a translation found, mm", np.abs(found - pushed)[:3, 3].max(), 0.1)
    check(f"{kind}, what the map found leaves of {before:.2f}", left(sitk.ReadTransform(str(tmp / "f.tfm"))),
          0.1 * before)
    ctx.field_save(tmp / "w.nii.gz", ctx.register("demons", moved, moving))
    w = sitk.DisplacementFieldTransform(sitk.ReadImage(str(tmp / "w.nii.gz"), sitk.sitkVectorFloat64))
    check(f"{kind}, what the field found leaves of {before:.2f}", left(w), 0.25 * before)

print(f"{passed} passed, {failed} failed")
sys.exit(failed > 0)
