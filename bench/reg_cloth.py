"""reg_cloth.py - pairs of planes whose true displacement is known, for the flow task of registration.py: a
woven texture with stains, 8 bits, as a printer's or weaver's camera sees it. Nothing of medvol is needed.

A displacement is an array (2, 1, y, x) in pixels: fixed(p) = moving(p + u(p)). The texture is a formula that
both images evaluate where they need it, so that nothing is interpolated; noise is another in each.

  f1    exp of a smooth stationary velocity of two scales
  f2    Gaussian bumps at 60 random places, a half of which push, the others expand or contract
  f3    cloth: stretched along an axis, bowed, and three seams along which neighbours slip
  still no displacement

Photometry, of the fixed image, as in reg_data.py; without any there is no noise either."""
from __future__ import annotations

import numpy as np

import reg_data as data

GENERATORS = ("f1", "f2", "f3", "still", "slip")
MEAN = 0.01     # of a warp, by the side
SHIFT = (2, -1.5)
THREAD = 7.0    # pixels from one thread to the next
TABLE = 256     # of random numbers, repeated


def cloth(x: np.ndarray, y: np.ndarray, tables: np.ndarray) -> np.ndarray:
    """Intensities, about 10 to 250, at positions in pixels."""
    def wander(x, y, k):  # -0.5 to 0.5, smooth
        i, j = np.floor(x), np.floor(y)
        u, v = x - i, y - j
        u, v = u * u * (3 - 2 * u), v * v * (3 - 2 * v)
        i, j, t = i.astype(int) % TABLE, j.astype(int) % TABLE, tables[k]
        right, below = (i + 1) % TABLE, (j + 1) % TABLE
        above = t[j, i] + (t[j, right] - t[j, i]) * u
        return above + (t[below, i] + (t[below, right] - t[below, i]) * u - above) * v - 0.5
    a = (x + 3.6 * wander(x / 40, y / 40, 0)) / THREAD
    b = (y + 3.6 * wander(x / 37, y / 43, 1)) / THREAD
    over = 0.5 + 0.5 * np.tanh(3 * np.sin(np.pi * a) * np.sin(np.pi * b))
    warp = (60 + 40 * np.cos(2 * np.pi * a) + 40 * wander(np.floor(a + 0.5), y / 25, 2)
            + 30 * wander(x / 3, y / 6, 3))
    weft = (60 + 40 * np.cos(2 * np.pi * b) + 40 * wander(x / 25, np.floor(b + 0.5), 4)
            + 30 * wander(x / 6, y / 3, 5))
    stains = 60 * wander(x / 300, y / 300, 8) + 50 * wander(x / 60, y / 60, 6)
    return 40 + over * warp + (1 - over) * weft + stains + 25 * wander(x / 12, y / 12, 7)


def rows(n: int, step: int = 256):
    for lo in range(0, n, step): yield slice(lo, min(n, lo + step))


def positions(n: int, part: slice) -> tuple[np.ndarray, np.ndarray]:
    return np.arange(n, dtype=np.float32)[None], np.arange(part.start, part.stop, dtype=np.float32)[:, None]


def exponential(v: np.ndarray) -> np.ndarray:
    """Of (2, y, x), a square."""
    n = v.shape[1]
    steps = max(0, int(np.ceil(np.log2(max(np.abs(v).max(), 1e-9) / 0.1))))
    u = (v / 2 ** steps).astype(np.float32)
    for _ in range(steps):
        moved = np.empty_like(u)
        for part in rows(n):
            x, y = positions(n, part)
            at = x + u[0, part], y + u[1, part], np.zeros(1, np.float32)
            for c in range(2): moved[c, part] = u[c, part] + data.sample(u[c][None], *at, 1)
        u = moved
    return u


def bumps(rng: np.random.Generator) -> np.ndarray:
    v = np.zeros((2, data.LATTICE, data.LATTICE))
    axis = (np.arange(data.LATTICE) + 0.5) / data.LATTICE
    for k in range(60):
        centre, s, push = rng.uniform(0.1, 0.9, 2), rng.uniform(0.06, 0.14), rng.standard_normal(2)
        d = [axis - c for c in centre]
        w = [np.exp(-t * t / (2 * s * s)) for t in d]
        for c in range(2):
            lines = [w[0], w[1]]
            if k % 2: lines[c] = d[c] * w[c] * (1.5 * push[0] / s)
            v[c] += (1 if k % 2 else push[c]) * np.outer(lines[1], lines[0])
    return v


def handled(rng: np.random.Generator, n: int) -> np.ndarray:
    """Stretch, bow and seams; unscaled."""
    t = (np.arange(n) + 0.5) / n - 0.5
    x, y = t[None], t[:, None]
    stretch, skew, bow = rng.uniform(-1, 1, 3)
    u = np.stack([stretch * x + skew * y + 0 * x, 3 * bow * (x * x - 1 / 12) + 0 * y])
    u += 0.15 * np.stack([data.enlarge(data.noise(rng, 1 / 8, 2), n) for _ in range(2)])
    for place in np.sort(rng.uniform(-0.4, 0.4, 3)):  # seams run down, a little askew
        side = np.tanh((x - place - 0.05 * rng.uniform(-1, 1) * y) * n / 1.5)
        u[1] += 0.08 * rng.choice((-1, 1)) * side
    return u


def warp_of(generator: str, rng: np.random.Generator, n: int) -> np.ndarray:
    """(2, 1, y, x)"""
    if generator in ("still", "slip"):
        u = np.zeros((2, n, n), np.float32)
        if generator == "slip": u += np.reshape(SHIFT, (2, 1, 1)).astype(np.float32)
        return u[:, None]
    if generator == "f3":
        v = handled(rng, n)
    elif generator == "f2":
        v = np.stack([data.enlarge(c, n) for c in bumps(rng)])
    else:
        v = np.stack([data.enlarge(data.noise(rng, 1 / 8, 2) + 0.35 * data.noise(rng, 1 / 20, 2), n)
                      for _ in range(2)])
    v = (v * (MEAN * n / data.length(v).mean())).astype(np.float32)
    return (exponential(v) if generator == "f1" else v)[:, None]


def determinant(u: np.ndarray) -> np.ndarray:
    a, b = (np.gradient(c[0]) for c in u)  # by y, x
    return ((1 + a[1]) * (1 + b[0]) - a[0] * b[1])[None]


def corners(image: np.ndarray, mask: np.ndarray) -> np.ndarray:
    g = np.gradient(image[0].astype(np.float32))
    t = [data.smooth(g[i] * g[j], 2.0) for i, j in ((0, 0), (0, 1), (1, 1))]
    strength = (t[0] * t[2] - t[1] ** 2) / (t[0] + t[2] + 1e-6 * (t[0] + t[2]).max())
    return data.spread(np.argwhere(mask), strength[None][mask], mask.shape[-1] / 20)


def make(generator: str, photometry: str, seed: int, n: int) -> data.Pair:
    """The warp depends on generator and seed, the rest on photometry as well."""
    rng = np.random.default_rng([seed, 100 + GENERATORS.index(generator)])
    u = warp_of(generator, rng, n)
    tables = rng.random((9, TABLE, TABLE)).astype(np.float32)
    rng = np.random.default_rng([seed, 100 + GENERATORS.index(generator), data.PHOTOMETRY.index(photometry)])
    shade = data.bias(rng, n, {"none": 0.0, "hard": 0.25}.get(photometry, 0.05), 2)
    amount = {"none": 0.0, "hard": 7.5}.get(photometry, 2.5)
    pair = []
    for moved in (True, False):
        image = np.empty((n, n), np.uint8)
        for part in rows(n):
            x, y = positions(n, part)
            if moved: x, y = x + u[0, 0, part], y + u[1, 0, part]
            f = cloth(*np.broadcast_arrays(x, y), tables)
            if moved and photometry == "hard": f = 255 * (np.clip(f, 0, 255) / 255) ** 0.8
            if moved: f = f * shade[part]
            f = f + amount * rng.standard_normal(f.shape)
            image[part] = np.clip(f + 0.5, 0, 255)
        pair.append(image[None])
    edge = max(1, n // 16)
    mask = np.zeros((1, n, n), bool)
    mask[0, edge:-edge, edge:-edge] = True
    way = data.length(u)[mask]
    return data.Pair(generator, photometry, seed, n, "a woven texture", 1.0, *pair, u, mask, None, None, None,
                     corners(pair[0], mask), {"mean": float(way.mean()), "max": float(way.max()),
                                              "least": float(determinant(u)[mask].min())})
