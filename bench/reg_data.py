"""reg_data.py - pairs of images whose true displacement is known, for registration.py. Needs numpy alone and
nothing of medvol, so that no side makes its own exam.

A displacement is an array (3, z, y, x) in voxels, component 0 along x: fixed(p) = moving(p + u(p)). Both
images are made from the original grid, smoothed for the voxels to come, by cubic B-splines, each by one
interpolation; noise comes afterwards and is another in each. Warps are drawn on a lattice of 64 a side and
belong to a seed: the same at all sizes.

  g1       exp of a smooth stationary velocity of two scales
  g2       Gaussian bumps at 60 random places, a half of which push, the others expand or contract
  g3       two parts slide along a wavy sheet: the tangential displacement jumps, in the width of a voxel
  large    g1, four times as far
  zero     no displacement
  missing  g1, with a box of 10 % of the fixed image's voxels put to 0; a mask says where
  rigid    rotation of up to 20 degrees and translation of up to 15 / 128 of the side
  affine   the same, with stretching of up to 10 % along axes of its own
  shift    2, -1.5 and 1 voxels along x, y and z: do all mean the same by a displacement?

Photometry, of the fixed image: none; mild (bias field of 5 %, noise of 1 %); hard (gamma 0.8, bias 25 %,
noise 3 %); inverted (1 - f, gamma 0.8, and then as mild)."""
from __future__ import annotations

import gzip
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

TEMPLATES = Path("/usr/share/mricron/templates")  # of Debian's mricron-data
GENERATORS = ("g1", "g2", "g3", "zero", "missing", "rigid", "affine", "shift", "large")
PHOTOMETRY = ("none", "mild", "hard", "inverted")
LATTICE = 64
MEAN = 0.0273  # of a warp, by the side: 3.5 voxels at 128
SHIFT = (2, -1.5, 1)
TOP = 1000.0   # what the 99.5th percentile becomes
POLE = np.sqrt(3.0) - 2.0


# ---- interpolation ----
def coefficients(image: np.ndarray) -> np.ndarray:
    """Of the cubic B-spline through the voxels, mirrored at the borders (Unser 1993)."""
    c = image.astype(np.float64)
    for axis in range(c.ndim):
        c = np.ascontiguousarray(np.moveaxis(c, axis, 0))
        n = len(c)
        if n > 1:
            reach = np.minimum(np.arange(30) % (2 * n - 2), (2 * n - 2) - np.arange(30) % (2 * n - 2))
            c *= 6
            c[0] = np.tensordot(POLE ** np.arange(30), c[reach], 1)
            for i in range(1, n): c[i] += POLE * c[i - 1]
            c[-1] = POLE / (POLE * POLE - 1) * (c[-1] + POLE * c[-2])
            for i in range(n - 2, -1, -1): c[i] = POLE * (c[i + 1] - c[i])
        c = np.moveaxis(c, 0, axis)
    return np.ascontiguousarray(c, dtype=np.float32)


def cubic(t: np.ndarray) -> list[np.ndarray]:
    s = 1 - t
    return [s ** 3 / 6, 2 / 3 - t * t * (1 - t / 2), 2 / 3 - s * s * (1 - s / 2), t ** 3 / 6]


def sample(image: np.ndarray, x: Any, y: Any, z: Any, order: int,
           outside: float | None = None) -> np.ndarray:
    """image at positions in voxels; order 3: of its coefficients. Beyond it: `outside`, or its border."""
    n = image.shape[::-1]
    flat, shape = image.ravel(), np.broadcast_shapes(x.shape, y.shape, z.shape)
    axes = []
    for p, size in zip((x, y, z), n):
        p = np.clip(p, 0, size - 1)
        i = np.floor(p + (0.5 if order == 0 else 0)).astype(np.int32)
        t = (p - i).astype(np.float32)
        w = {0: lambda: [1], 1: lambda: [1 - t, t], 3: lambda: cubic(t)}[order]()
        first = -(order // 2)
        def place(k, i=i, size=size):  # mirrored, as the coefficients are
            j = np.abs(i + (first + k))
            return np.maximum(np.minimum(j, 2 * (size - 1) - j), 0)
        axes.append([(place(k), w[k]) for k in range(len(w))])
    out = np.zeros(shape, np.float32 if order else image.dtype)
    for k, wz in axes[2]:
        for j, wy in axes[1]:
            base, weight = (k * n[1] + j) * n[0], wz * wy
            for i, wx in axes[0]:
                if order: out += flat[base + i] * (weight * wx)
                else: out = flat[base + i]
    if outside is not None:
        lost = np.zeros(shape, bool)
        for p, size in zip((x, y, z), n): lost |= (p < -0.5) | (p > size - 0.5)
        out[lost] = outside
    return out


def grid(n: int, lo: int = 0, hi: int | None = None) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """x, y, z of the planes lo..hi of a cube, to be broadcast."""
    a = np.arange(n, dtype=np.float32)
    return a[None, None, :], a[None, :, None], a[lo:hi, None, None]


def look(image: np.ndarray, u: np.ndarray, to: np.ndarray, order: int, outside: float | None) -> np.ndarray:
    """image at to * (p + u(p), 1) for all p of u's grid, a few planes at a time."""
    n = u.shape[1]
    out = np.empty(u.shape[1:], np.float32 if order else image.dtype)
    for lo in range(0, n, 8):
        p = [a + b for a, b in zip(grid(n, lo, lo + 8), u[:, lo:lo + 8])]
        at = [sum(to[r, c] * p[c] for c in range(3)) + to[r, 3] for r in range(3)]
        out[lo:lo + 8] = sample(image, *at, order, outside)
    return out


def compose(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """b(x) + a(x + b(x))."""
    return b + np.stack([look(c, b, np.eye(4), 1, None) for c in a])


def exponential(v: np.ndarray) -> np.ndarray:
    steps = max(0, int(np.ceil(np.log2(max(np.abs(v).max(), 1e-9) / 0.1))))
    u = (v / 2 ** steps).astype(np.float32)
    for _ in range(steps): u = compose(u, u)
    return u


def enlarge(c: np.ndarray, n: int) -> np.ndarray:
    """Values on the lattice (of any axes of LATTICE) at n a side, by cubic splines."""
    c = coefficients(c)
    p = (np.arange(n) + 0.5) * LATTICE / n - 0.5
    i = np.floor(p).astype(int)
    w = np.zeros((n, LATTICE))
    for k, weight in enumerate(cubic(p - i)):
        j = np.abs(i - 1 + k)
        np.add.at(w, (np.arange(n), np.minimum(j, 2 * (LATTICE - 1) - j)), weight)
    for axis in range(c.ndim): c = np.moveaxis(np.tensordot(w, c, (1, axis)), 0, axis)
    return c


def smooth(a: np.ndarray, sigma: float) -> np.ndarray:
    """Gaussian, sigma in voxels, as if the volume were repeated."""
    f = np.fft.rfftn(a)
    for axis in range(a.ndim):
        n = a.shape[axis]
        k = np.fft.rfftfreq(n) if axis == a.ndim - 1 else np.fft.fftfreq(n)
        f *= np.exp(-2 * (np.pi * sigma * k) ** 2).reshape([-1 if d == axis else 1 for d in range(a.ndim)])
    return np.fft.irfftn(f, a.shape)


def length(u: np.ndarray) -> np.ndarray:
    return np.sqrt(np.square(u, dtype=np.float64).sum(0))


def determinant(u: np.ndarray) -> np.ndarray:
    """Of I + du/dp, central differences."""
    j = [np.gradient(c.astype(np.float32)) for c in u]  # of x, y, z by z, y, x
    g = [[j[c][2 - d] + (c == d) for d in range(3)] for c in range(3)]
    return (g[0][0] * (g[1][1] * g[2][2] - g[1][2] * g[2][1])
            - g[0][1] * (g[1][0] * g[2][2] - g[1][2] * g[2][0])
            + g[0][2] * (g[1][0] * g[2][1] - g[1][1] * g[2][0]))


# ---- the head ----
@dataclass
class Head:
    """The original: image, labels, brain, and the matrix from a cube's voxels to its own."""
    name: str
    image: np.ndarray
    labels: np.ndarray
    brain: np.ndarray
    side: float  # mm
    spacing: float
    labels_to: np.ndarray  # its voxels to those of labels and brain

    def spline(self, n: int) -> np.ndarray:
        """Coefficients; smoothed where a cube of n a side has larger voxels."""
        step = self.side / n / self.spacing
        return coefficients(smooth(self.image, 0.5 * np.sqrt(step * step - 1)) if step > 1 else self.image)

    def to_own(self, n: int) -> np.ndarray:
        """From voxels of a cube of n a side, about the centre, to the original's."""
        step = self.side / n / self.spacing
        m = np.diag([step, step, step, 1.0])
        for axis in range(3): m[axis, 3] = (self.image.shape[2 - axis] - 1) / 2 - step * (n - 1) / 2
        return m


def read_nifti(path: Path) -> tuple[np.ndarray, np.ndarray]:
    """Voxels (z, y, x) and affine of a plain little-endian NIfTI-1 file with an sform, which these are."""
    data = gzip.open(path).read() if path.suffix == ".gz" else path.read_bytes()
    if data[:4] != b"\x5c\1\0\0": raise ValueError(f"{path}: not NIfTI-1 in little-endian")
    shape = np.frombuffer(data, "<i2", 3, 42)
    kind = {2: "u1", 4: "<i2", 8: "<i4", 16: "<f4", 512: "<u2"}[int(np.frombuffer(data, "<i2", 1, 70)[0])]
    start = int(np.frombuffer(data, "<f4", 1, 108)[0])
    affine = np.vstack([np.frombuffer(data, "<f4", 12, 280).reshape(3, 4), [0, 0, 0, 1]]).astype(float)
    voxels = np.frombuffer(data, kind, int(np.prod(shape, dtype=int)), start).reshape(shape[::-1])
    return voxels.astype(np.float32 if kind == "<f4" else np.int32), affine


def real_head() -> Head | None:
    paths = [TEMPLATES / f"{name}.nii.gz" for name in ("ch2", "aal", "ch2bet")]
    if not all(p.exists() for p in paths[:2]): return None
    (image, to_world), (labels, label_world) = read_nifti(paths[0]), read_nifti(paths[1])
    brain, brain_world = read_nifti(paths[2]) if paths[2].exists() else (labels, label_world)
    if brain_world.tolist() != label_world.tolist() or brain.shape != labels.shape:
        brain, brain_world = labels, label_world
    spacing = float(np.linalg.norm(to_world[:3, 0]))
    return Head("ch2 and AAL of mricron-data", image.astype(np.float32), labels, (brain > 0).astype(np.uint8),
                1.02 * max(image.shape) * spacing, spacing, np.linalg.inv(label_world) @ to_world)


def phantom(n: int = 128) -> Head:
    """A head of ellipsoids: skin, skull, a folded cortex and 40 labels, from a fixed seed."""
    rng = np.random.default_rng(20240)
    z, y, x = (np.mgrid[:n, :n, :n] + 0.5) / n * 2 - 1
    def blob(rx, ry, rz, cx=0.0, cy=0.0, cz=0.0):
        r = np.sqrt(((x - cx) / rx) ** 2 + ((y - cy) / ry) ** 2 + ((z - cz) / rz) ** 2)
        return 1 / (1 + np.exp(np.clip((r - 1) * 0.4 * n * min(rx, ry, rz), -50, 50)))
    head, inner, brain = blob(0.78, 0.9, 0.82), blob(0.72, 0.84, 0.76), blob(0.64, 0.76, 0.68)
    folds = smooth(rng.standard_normal((n, n, n)), n / 40)
    grain = smooth(rng.standard_normal((n, n, n)), n / 70)
    white = 1 / (1 + np.exp(-6 * folds / folds.std() - 2 + 9 * (1 - blob(0.5, 0.62, 0.54))))
    image = 0.75 * (head - inner) + 0.12 * (inner - brain)
    image += brain * (0.5 + 0.4 * white + 0.1 * grain / grain.std())
    for sign in (-1, 1):
        image -= 0.55 * blob(0.1, 0.28, 0.13, 0.14 * sign, 0.05, 0.08) * brain
        image -= 0.2 * blob(0.13, 0.2, 0.12, 0.3 * sign, -0.1, -0.12) * brain
    place = rng.uniform(-0.62, 0.62, (3, 40))
    bend = [0.15 * (s := smooth(rng.standard_normal((n, n, n)), n / 16)) / s.std() for _ in range(3)]
    distance = np.full((n, n, n), np.inf)
    labels = np.zeros((n, n, n), np.int32)
    for k in range(40):
        d = sum((a + b - c) ** 2 for a, b, c in zip((x, y, z), bend, place[:, k]))
        labels[d < distance] = k + 1
        distance = np.minimum(distance, d)
    labels[brain < 0.5] = 0
    return Head("a phantom made here", (1000 * image).astype(np.float32), labels,
                (brain > 0.5).astype(np.uint8), 200.0, 200.0 / n, np.eye(4))


# ---- warps, on the lattice in voxels of it ----
def noise(rng: np.random.Generator, sigma: float, axes: int = 3) -> np.ndarray:
    s = smooth(rng.standard_normal((LATTICE,) * axes), sigma * LATTICE)
    return s / s.std()


def velocity(rng: np.random.Generator) -> np.ndarray:
    """g1: scales of an eighth and a twentieth of the side."""
    wide = np.stack([noise(rng, 1 / 8) for _ in range(3)])
    return wide + 0.35 * np.stack([noise(rng, 1 / 20) for _ in range(3)])


def bumps(rng: np.random.Generator) -> np.ndarray:
    v = np.zeros((3,) + (LATTICE,) * 3)
    axis = (np.arange(LATTICE) + 0.5) / LATTICE
    for k in range(60):
        centre, s, push = rng.uniform(0.15, 0.85, 3), rng.uniform(0.07, 0.16), rng.standard_normal(3)
        d = [axis - c for c in centre]
        w = [np.exp(-t * t / (2 * s * s)) for t in d]
        for c in range(3):
            lines = [w[0], w[1], w[2]]
            if k % 2: lines[c] = d[c] * w[c] * (1.5 * push[0] / s)
            v[c] += (1 if k % 2 else push[c]) * np.einsum("z,y,x->zyx", lines[2], lines[1], lines[0])
    return v


def sliding(rng: np.random.Generator, n: int) -> np.ndarray:
    """On the grid itself: its jump is as wide as a voxel there."""
    base = np.stack([enlarge(noise(rng, 1 / 8), n) for _ in range(3)])
    height = enlarge(np.clip(noise(rng, 1 / 10, 2), -2, 2), n) * 0.025 * n + n / 2
    angle = rng.uniform(0, 2 * np.pi)
    dy, dx = np.gradient(height)
    a, b = np.cos(angle), np.sin(angle)
    side = np.tanh((np.arange(n)[:, None, None] - height) / 0.7)
    along = np.stack([np.full_like(dx, a), np.full_like(dx, b), a * dx + b * dy])
    return 0.7 * base + 1.2 * side * along[:, None]


def rigid(rng: np.random.Generator, n: int, stretch: float) -> np.ndarray:
    """4 x 4 in voxels, about the cube's centre."""
    axis = rng.standard_normal(3)
    axis /= np.linalg.norm(axis)
    angle = np.radians(rng.uniform(8, 20))
    k = np.array([[0, -axis[2], axis[1]], [axis[2], 0, -axis[0]], [-axis[1], axis[0], 0]])
    r = np.eye(3) + np.sin(angle) * k + (1 - np.cos(angle)) * (k @ k)
    q = np.linalg.qr(rng.standard_normal((3, 3)))[0]
    r = r @ (q * (1 + stretch * rng.uniform(-1, 1, 3))) @ q.T
    way = rng.standard_normal(3)
    way *= n * rng.uniform(4, 15) / 128 / np.linalg.norm(way)
    centre = np.full(3, (n - 1) / 2)
    out = np.eye(4)
    out[:3, :3], out[:3, 3] = r, centre + way - r @ centre
    return out


def affine_field(m: np.ndarray, n: int) -> np.ndarray:
    """m (p, 1) - p, m in voxels."""
    p = grid(n)
    return np.stack([(sum(m[r, c] * p[c] for c in range(3)) + m[r, 3] - p[r]).astype(np.float32)
                     for r in range(3)])


def warp_of(generator: str, rng: np.random.Generator, n: int, brain: np.ndarray) -> np.ndarray:
    if generator in ("zero", "shift"):
        u = np.zeros((3, n, n, n), np.float32)
        if generator == "shift": u += np.reshape(SHIFT, (3, 1, 1, 1)).astype(np.float32)
        return u
    if generator in ("rigid", "affine"): return affine_field(rigid(rng, n, 0.1 * (generator == "affine")), n)
    if generator == "g3":
        v = sliding(rng, n)
        return (v * (MEAN * n / length(v)[brain].mean())).astype(np.float32)
    v = bumps(rng) if generator == "g2" else velocity(rng)
    make = (lambda w: w) if generator == "g2" else exponential
    mean = 4 * MEAN if generator == "large" else MEAN
    k = 32  # the exponential is nearly linear in the scale, which a coarse cube tells as well
    pick = np.ix_(range(3), *[np.arange(0, LATTICE, LATTICE // k)] * 3)
    inside = brain[np.ix_(*[np.arange(k) * n // k] * 3)]
    s = mean * k / length(v[pick])[inside].mean()
    for _ in range(3): s *= mean * k / length(make(s * v[pick]))[inside].mean()
    return make(np.stack([enlarge(c, n) for c in v]) * (s * n / k)).astype(np.float32)


# ---- pairs ----
@dataclass
class Pair:
    generator: str
    photometry: str
    seed: int
    size: int
    head: str
    spacing: float
    fixed: np.ndarray
    moving: np.ndarray
    truth: np.ndarray
    mask: np.ndarray           # of the brain, in the fixed image
    seen: np.ndarray | None    # missing: 0 in the hole
    fixed_labels: np.ndarray | None
    moving_labels: np.ndarray | None
    landmarks: np.ndarray      # z, y, x: indices
    facts: dict[str, float]    # mean and max of the truth in the mask, its least determinant, in voxels

    @property
    def name(self) -> str:
        return f"{self.generator} {self.photometry} {self.size} #{self.seed}"


def corners(image: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """Places in the mask with gradients in all directions: greatest det / trace of the structure tensor."""
    g = np.gradient(smooth(image, 0.7).astype(np.float32))
    t = {(i, j): smooth(g[i] * g[j], 1.5).astype(np.float32) for i in range(3) for j in range(i, 3)}
    det = (t[0, 0] * (t[1, 1] * t[2, 2] - t[1, 2] ** 2) - t[0, 1] * (t[0, 1] * t[2, 2] - t[1, 2] * t[0, 2])
           + t[0, 2] * (t[0, 1] * t[1, 2] - t[1, 1] * t[0, 2]))
    trace = t[0, 0] + t[1, 1] + t[2, 2]
    where = np.argwhere(mask)
    return spread(np.argwhere(mask), (det / (trace + 1e-6 * trace.max()))[mask], mask.shape[0] / 20)


def spread(where: np.ndarray, strength: np.ndarray, apart: float, count: int = 200) -> np.ndarray:
    """The strongest places that are as far apart as their number allows."""
    where = where[np.argsort(-strength, kind="stable")[:200 * count]]
    chosen = np.empty((0, 3), int)
    while len(chosen) < count and apart >= 1:
        free = np.ones(len(where), bool)
        for p in chosen: free &= np.square(where - p).sum(1) >= apart * apart
        at = 0
        while len(chosen) < count:
            rest = np.flatnonzero(free[at:])
            if not len(rest): break
            at += rest[0]
            chosen = np.vstack([chosen, where[at]])
            free &= np.square(where - where[at]).sum(1) >= apart * apart
        apart /= 1.5
    return chosen


def bias(rng: np.random.Generator, n: int, amount: float, axes: int = 3) -> np.ndarray:
    return np.exp(amount * enlarge(noise(rng, 1 / 5, axes), n))


def make(head: Head, generator: str, photometry: str, seed: int, n: int) -> Pair:
    """The warp depends on generator and seed, the rest on photometry as well."""
    kind = "g1" if generator == "missing" else generator
    rng = np.random.default_rng([seed, GENERATORS.index(kind)])
    own = head.to_own(n)
    still = np.zeros((3, n, n, n), np.float32)
    label_to = head.labels_to @ own
    brain = look(head.brain, still, label_to, 0, 0) > 0
    u = warp_of(generator, rng, n, brain)
    spline = head.spline(n)
    moving, fixed = look(spline, still, own, 3, 0.0), look(spline, u, own, 3, 0.0)
    scale = TOP / np.percentile(moving, 99.5)
    moving, fixed = scale * moving, scale * fixed
    mask = look(head.brain, u, label_to, 0, 0) > 0
    landmarks = corners(fixed, mask)
    rng = np.random.default_rng([seed, GENERATORS.index(kind), 1 + PHOTOMETRY.index(photometry)])
    if photometry != "none":
        if photometry == "inverted": fixed = TOP - np.clip(fixed, 0, TOP)
        if photometry != "mild": fixed = TOP * (np.clip(fixed, 0, None) / TOP) ** 0.8
        fixed = fixed * bias(rng, n, 0.25 if photometry == "hard" else 0.05)
        amount = TOP * (0.03 if photometry == "hard" else 0.01)
        fixed = fixed + amount * rng.standard_normal(fixed.shape)
        moving = moving + amount * rng.standard_normal(moving.shape)
    seen = None
    det = determinant(u)[mask]
    way = length(u)[mask]
    if generator == "missing":  # at a side of the brain
        width = int(round(0.1 ** (1 / 3) * n))
        start = [(n - width) // 2] * 3
        start[int(rng.integers(3))] = int(rng.integers(2)) * (n - width)
        seen = np.ones((n, n, n), np.uint8)
        seen[tuple(slice(a, a + width) for a in start)] = 0
        fixed = fixed * seen
        mask = mask & (seen > 0)
        landmarks = landmarks[seen[tuple(landmarks.T)] > 0]
    labels = [look(head.labels, v, label_to, 0, 0).astype(np.int16) for v in (u, still)]
    return Pair(generator, photometry, seed, n, head.name, head.side / n, fixed.astype(np.float32),
                moving.astype(np.float32), u, mask, seen, *labels, landmarks,
                {"mean": float(way.mean()), "max": float(way.max()), "least": float(det.min())})
