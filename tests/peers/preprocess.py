"""preprocess.py IN OUT [SPACING SHAPE ORDER] - does what examples/preprocess.c does to IN with nibabel and
scipy, and compares with the OUT it wrote: affine to 1e-6, voxels to the tolerance of interpolation in
float. Prints the differences; exit 1 when too large.
Needs nibabel, numpy, scipy."""
import sys
import nibabel as nib
import numpy as np
from scipy.ndimage import map_coordinates

src, out = nib.load(sys.argv[1]), nib.load(sys.argv[2])
spacing = float(sys.argv[3]) if len(sys.argv) > 3 else 1.0
shape = [int(n) for n in sys.argv[4].split(",")] if len(sys.argv) > 4 else [192, 224, 192]
order = int(sys.argv[5]) if len(sys.argv) > 5 else 1  # 3: preprocess --interp cubic
ras = nib.as_closest_canonical(src)
data, affine = np.asarray(ras.dataobj, dtype=np.float64), ras.affine
old = np.sqrt((affine[:3, :3] ** 2).sum(0))
n = np.array(data.shape[:3])
# resampled grid: as many voxels as fit, the centre kept
m = np.maximum(1, np.floor(n * old / spacing + 0.5).astype(int))
step = spacing / old
first = (n - 1) / 2 - step * (m - 1) / 2
# crop or pad: voxel m // 2 becomes voxel t // 2
t = np.array(shape)
shift = m // 2 - t // 2
start = first + step * shift
# the half voxel at the border is level
axes = [np.clip(np.arange(t[d]) * step[d] + start[d], 0, n[d] - 1) for d in range(3)]
inside = [(np.arange(t[d]) + shift[d] >= 0) & (np.arange(t[d]) + shift[d] < m[d]) for d in range(3)]
grid = np.meshgrid(*axes, indexing="ij")
mask = np.ix_(*inside)
want_affine = affine.copy()
want_affine[:3, :3] = affine[:3, :3] * step
want_affine[:3, 3] = affine[:3, :3] @ start + affine[:3, 3]

got = np.asarray(out.dataobj, dtype=np.float64).reshape(*t, -1)
frames = data.reshape(*data.shape[:3], -1)
worst = 0.0
for f in range(frames.shape[3]):
    full = np.zeros(t)
    full[mask] = map_coordinates(
        frames[..., f], np.array(grid)[(slice(None),) + mask], order=order, mode="mirror"
    )
    chosen = got[..., f] != 0  # the tails of a spline end at different places in float and double
    apart = (chosen != (full.astype(np.float32) != 0)).sum()
    tail = np.abs(full[chosen != (full.astype(np.float32) != 0)]).max(initial=0.0)
    full[chosen] = (full[chosen] - full[chosen].mean()) / full[chosen].std()
    diff = np.abs(full - got[..., f])[chosen].max()
    worst = max(worst, diff)
    print(f"frame {f}: largest difference {diff:.3g} standard deviations; {apart} voxels zero in one only,"
          f" up to {tail:.2g}")
# NIfTI-1 keeps floats
geometry = (np.abs(out.affine - want_affine) / np.maximum(1.0, np.abs(want_affine))).max()
print(f"affine: largest difference {geometry:.3g}; shape {out.shape}; voxels {worst:.3g}")
sys.exit(not (geometry < 1e-6 and worst < 2e-5 and list(out.shape[:3]) == shape))
