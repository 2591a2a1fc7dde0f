"""medvol.py - medvol.h for numpy: the header built as a shared library, called through ctypes.

    import medvol
    ctx = medvol.Context(threads=0)            # all cores; 1: serial
    t1 = ctx.load("t1.nii.gz")                 # a Volume: t1.array, t1.affine, t1.spacing, t1.orientation
    t1 = ctx.reorient(t1, "RAS")
    iso = ctx.resample_spacing(t1, (1, 1, 1), interp="cubic", border="border_edge")
    ctx.save("out.nii.gz", ctx.znorm(iso, out=iso, nonzero=True), gzip=1)
    ctx.clamp(array, 0, 1000, out=array)       # plain arrays go in and come out, too

Arrays are (z, y, x) in C order, so that x runs fastest; views work as long as x does not skip. Nothing is
copied on the way in; what the library allocated comes out as an array over its memory, released with the last
array that shows it. An array in gives an array out, a Volume a Volume (with geometry and header); `out` takes
either and is what the call returns.

Axes, shapes and spacings are in numpy's order, x last; an affine is the 4 x 4 matrix of voxel indices
(i, j, k), x first, to millimetres RAS+, as in nibabel. A displacement field has 5 axes, components first:
(3, 1, z, y, x), component 0 along world x. Options are the fields of the header's option
structs by their names; enumerators are strings: the header's names without MEDVOL_, in either case
(interp="cubic", rule="centre_monai", mode="pad_edge"). The manual is [API] in medvol.h: constants, structs
and prototypes are read from there, so that there is no second list to keep.

A context is used by one thread at a time. Failures raise MedvolError."""
from __future__ import annotations

import ctypes
import os
import re
import subprocess
from pathlib import Path
from typing import Any, Sequence

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
HEADER = ROOT / "medvol.h"
# another library that holds the header's implementation, too: nothing is then built here
LIBRARY = Path(os.environ.get("MEDVOL_LIBRARY") or ROOT / "build" / "libmedvol.so")
byref = ctypes.byref

# ---- [API] of the header ----
_SCALARS = {
    "int": ctypes.c_int, "unsigned": ctypes.c_uint, "double": ctypes.c_double, "float": ctypes.c_float,
    "char": ctypes.c_char, "size_t": ctypes.c_size_t, "ptrdiff_t": ctypes.c_ssize_t,
    "int64_t": ctypes.c_int64, "uint64_t": ctypes.c_uint64, "uint32_t": ctypes.c_uint32,
    "int32_t": ctypes.c_int32, "uint16_t": ctypes.c_uint16}


def _read_api() -> str:
    text = HEADER.read_text()
    text = text[: text.index("\n#if defined(MEDVOL_IMPLEMENTATION) && (defined(MV__PASS)")]
    return re.sub(r"/\*.*?\*/", " ", text, flags=re.S)


def _fields(body: str, types: dict[str, Any]) -> list[tuple[str, Any]]:
    """Members of a struct. Pointers, those to functions too, are addresses."""
    out: list[tuple[str, Any]] = []
    for line in filter(None, (part.strip() for part in body.split(";"))):
        function = re.search(r"\(\*(\w+)\)\(", line)
        if function:
            out.append((function[1], ctypes.c_void_p))
            continue
        base, names = re.fullmatch(r"(?:const )?(?:unsigned (?=char)|struct )?(\w+) (.*)", line, re.S).groups()
        for star, name, sizes in re.findall(r"(\*?)(\w+)((?:\[\w+\])*)", names):
            kind = ctypes.c_void_p if star else types[base]
            for size in reversed(re.findall(r"\w+", sizes)):
                kind = kind * (int(size) if size.isdigit() else CONST[size.removeprefix("MEDVOL_")])
            out.append((name, kind))
    return out


API = _read_api()
CONST = {name: int(value) for name, value in
         re.findall(r"\bMEDVOL_(\w+)(?: = | )\(?(-?\d+)\b", API)}
STATUS = {int(value): name for name, value in re.findall(r"X\((\w+), (-?\d+), \"", API)}
CONST.update((name, value) for value, name in STATUS.items())
STRUCTS: dict[str, Any] = {}
_types = {**_SCALARS, **{name: ctypes.c_int for name in re.findall(r"typedef enum (mv_\w+)", API)}}
for _body, _name in re.findall(r"typedef struct(?: \w+)? \{([^{}]*)\} (mv_\w+);", API):
    STRUCTS[_name] = _types[_name] = type(_name, (ctypes.Structure,), {"_fields_": _fields(_body, _types)})
PROTOTYPES = {name: (result.strip(), params) for result, name, params in
              re.findall(r"MEDVOL_DEF ([\w *]+?)(mv_\w+)\(([^;]*)\);", API)}


def _open_library() -> ctypes.CDLL:
    own = not os.environ.get("MEDVOL_LIBRARY")
    if own and (not LIBRARY.exists() or LIBRARY.stat().st_mtime < HEADER.stat().st_mtime):
        subprocess.run(["make", "-s", "build/libmedvol.so"], cwd=ROOT, check=True)
    return ctypes.CDLL(str(LIBRARY))


def _bind(name: str) -> Any:
    result, params = PROTOTYPES[name]
    if "(*" in params: raise NotImplementedError(f"{name} takes a callback")
    f = getattr(_library, name)
    f.restype = None if result == "void" else ctypes.c_char_p if "*" in result else _types[result]
    f.argtypes = [ctypes.c_void_p if "*" in p else _types[p.split()[-2]]
                  for p in params.split(",") if p.strip() != "void"]
    return f


class _Functions(dict):
    """Functions of the library by name, bound when first used."""

    def __missing__(self, name: str) -> Any:
        return self.setdefault(name, _bind(name))


_library = _open_library()
C = _Functions()

# ---- types ----
_DTYPES = {
    "u8": "u1", "i8": "i1", "u16": "u2", "i16": "i2", "u32": "u4", "i32": "i4", "u64": "u8", "i64": "i8",
    "f16": "f2", "f32": "f4", "f64": "f8", "c64": "c8", "c128": "c16",
    "bf16": "V2", "f128": "V16", "c256": "V32",
    "rgb24": [(c, "u1") for c in "rgb"], "rgba32": [(c, "u1") for c in "rgba"]}
_NUMPY = {CONST[name.upper()]: np.dtype(kind) for name, kind in _DTYPES.items()}
_CODE = {kind: code for code, kind in _NUMPY.items()}
_CODE[np.dtype(bool)] = CONST["U8"]


def dtype_code(dtype: Any) -> int:
    """Code of a numpy type or of a name: "f32", "bf16"."""
    if isinstance(dtype, str) and dtype in _DTYPES: return CONST[dtype.upper()]
    try:
        return _CODE[np.dtype(dtype)]
    except KeyError:
        raise TypeError(f"medvol has no type for {np.dtype(dtype)!r}") from None


class MedvolError(Exception):
    """name: "E_RANGE", status: its number, field and value: what the message speaks of."""

    def __init__(self, status: int, message: str, field: str = "", value: float = 0.0):
        self.status, self.name, self.field, self.value = status, STATUS.get(status, "?"), field, value
        super().__init__(f"{self.name}: {message or C['mv_status_str'](status).decode()}")


class _Owner(STRUCTS["mv_volume"]):
    """A mv_volume that releases what it owns when Python drops it."""

    def __del__(self, free: Any = C["mv_volume_free"]):
        free(None, byref(self))


class _Memory:
    """Shows the voxels of a volume to numpy and keeps their owner alive."""

    def __init__(self, v: Any, owner: Any):
        kind, n = _NUMPY[v.dtype], v.ndim
        self.owner = owner
        self.__array_interface__ = {
            "version": 3, "data": (v.data, False), "typestr": kind.str, "descr": kind.descr,
            "shape": tuple(v.dim[n - 1 - d] for d in range(n)),
            "strides": tuple(v.stride[n - 1 - d] * kind.itemsize for d in range(n))}


class Volume:
    """Voxels (`array`) with their geometry; what the header of a file said besides is kept for saving."""

    def __init__(self, array: np.ndarray, affine: Any = None):
        self._v = _Owner()
        self._owners: list[Any] = []
        self.array = array
        itemsize, n = array.itemsize, array.ndim
        if any(s % itemsize for s in array.strides):
            raise ValueError("strides must be whole elements")
        status = C["mv_volume_wrap"](
            None, byref(self._v), array.ctypes.data, dtype_code(array.dtype), n,
            (ctypes.c_size_t * n)(*array.shape[::-1]),
            (ctypes.c_ssize_t * n)(*(s // itemsize for s in array.strides[::-1])))
        if status < 0:
            what = f"shape {array.shape}, strides {array.strides}"
            raise MedvolError(status, what + ": x must not skip, axes not fold")
        if affine is not None: self.affine = affine

    @classmethod
    def unmade(cls) -> "Volume":
        """For options that are results: the call makes it."""
        return cls._empty()

    @classmethod
    def _empty(cls) -> "Volume":
        v = cls.__new__(cls)
        v._v, v._owners, v.array = _Owner(), [], None
        return v

    def _settle(self) -> None:
        """After a call: what it allocated goes to an owner that arrays keep alive."""
        if self._v.owner or self._v.owns_nifti:
            owner, self._v = self._v, _Owner()
            ctypes.memmove(byref(self._v), byref(owner), ctypes.sizeof(owner))
            self._v.owner, self._v.map_bytes, self._v.owns_nifti = None, 0, 0
            self._owners = [owner] + [o for o in self._owners if not owner.owner]
            if owner.owner: self.array = np.asarray(_Memory(self._v, owner))

    @property
    def shape(self) -> tuple[int, ...]:
        return tuple(self._v.dim[: self._v.ndim])[::-1]

    @property
    def dtype(self) -> np.dtype:
        return _NUMPY[self._v.dtype]

    @property
    def affine(self) -> np.ndarray:
        return np.vstack([np.reshape(self._v.affine, (3, 4)), [0, 0, 0, 1]])

    @affine.setter
    def affine(self, a: Any) -> None:
        self._v.affine = tuple(np.asarray(a, float)[:3].ravel())

    @property
    def spacing(self) -> tuple[float, ...]:
        """Millimetres per voxel, x last as in shape."""
        s = (ctypes.c_double * 3)()
        C["mv_spacing"](byref(self._v), s)
        return tuple(s)[::-1]

    @property
    def orientation(self) -> str:
        """Directions in which i, j, k grow: "RAS"."""
        code = ctypes.create_string_buffer(4)
        C["mv_orientation"](byref(self._v), code)
        return code.value.decode()

    @property
    def scaling(self) -> tuple[float, float]:
        """slope, inter of the stored numbers; slope 0: none."""
        return self._v.slope, self._v.inter

    @scaling.setter
    def scaling(self, pair: tuple[float, float]) -> None:
        self._v.slope, self._v.inter = pair

    @property
    def nifti(self) -> Any:
        """The file's header fields (struct mv_nifti), or None; valid as long as the volume lives."""
        return STRUCTS["mv_nifti"].from_address(self._v.nifti) if self._v.nifti else None

    def __array__(self, dtype: Any = None, copy: Any = None) -> np.ndarray:
        a = self.array if dtype is None else self.array.astype(dtype, copy=False)
        return a.copy() if copy and a is self.array else a

    def __repr__(self) -> str:
        return f"Volume({self.shape}, {self.dtype}, {self.orientation}, spacing {self.spacing})"


def _vector(kind: Any, values: Sequence[Any], room: int = 0, fill: Any = 1) -> Any:
    """x first, as the library has it, of at least `room` entries."""
    values = list(values)[::-1]
    return (kind * max(len(values), room))(*values + [fill] * (room - len(values)))


def _sizes(values: Sequence[int], room: int = 0) -> Any:
    if any(v < 0 for v in values): raise ValueError(f"{tuple(values)}: must not be negative")
    return _vector(ctypes.c_size_t, values, room)


def _volume(x: Any) -> Volume:
    return x if isinstance(x, Volume) else Volume(np.asanyarray(x))


def _affine(matrix: Any) -> Any:
    m = np.asarray(matrix, float)
    if m.shape not in ((3, 4), (4, 4)): raise ValueError(f"shape {m.shape}: an affine is 3 x 4 or 4 x 4")
    return (ctypes.c_double * 12)(*m[:3].ravel())


def _chain(chain: Any) -> tuple[Any, int, list[Any]]:
    """Array of mv_transform, how many, and the volumes that must live as long."""
    steps = chain if isinstance(chain, list) else [chain]
    out, keep = (STRUCTS["mv_transform"] * max(len(steps), 1))(), []
    for t, step in zip(out, steps):
        kind, what, *way = step if isinstance(step, tuple) else (None, step)
        if way not in ([], ["inverse"]): raise ValueError(f"{way}: nothing or \"inverse\"")
        if kind is None: kind = "affine" if np.ndim(getattr(what, "array", what)) == 2 else "field"
        if kind not in ("affine", "field", "velocity", "bspline"):
            raise ValueError(f"{kind!r}: affine, field, velocity or bspline")
        t.kind, t.inverse = CONST["TRANSFORM_" + kind.upper()], len(way)
        if kind == "affine":
            t.affine = _affine(what)
        else:
            keep.append(_volume(what))
            t.field = ctypes.addressof(keep[-1]._v)
    return out, len(steps), keep


_VOLUMES = ("mask", "by", "weights", "sigma_map")  # options that are


def _options(name: str, values: dict[str, Any], ndim: int = 0) -> tuple[Any, list[Any]]:
    """The option struct `name`, and what must live as long as it."""
    opt, keep = STRUCTS[name](), []
    kinds = dict(opt._fields_)
    for key, value in values.items():
        at = opt
        if key not in kinds and "control" in kinds and hasattr(opt.control, key): at = opt.control
        elif key not in kinds and "asgd" in kinds and hasattr(opt.asgd, key): at = opt.asgd
        elif key not in kinds: raise TypeError(f"{name} has no field {key!r}: {', '.join(kinds)}")
        if value is None: continue
        kind = dict(at._fields_)[key]
        if kind is ctypes.c_void_p and (isinstance(value, Volume) or key in _VOLUMES or "_mask" in key):
            keep.append(_volume(value))
            value = ctypes.addressof(keep[-1]._v)
        elif kind is ctypes.c_void_p and key == "sigmas":
            keep.append(np.ascontiguousarray(value, float))
            value = keep[-1].ctypes.data
        elif kind is ctypes.c_void_p and key == "start":
            keep.append(_affine(value))
            value = ctypes.addressof(keep[-1])
        elif key == "split":
            value = ndim - range(ndim)[value]
        elif key == "dtype":
            value = dtype_code(value)
        elif isinstance(value, str):
            try:
                value = CONST[value.upper()]
            except KeyError:
                raise ValueError(f"{key}: medvol.h has no MEDVOL_{value.upper()}") from None
        elif issubclass(kind, ctypes.Array):
            value = tuple(value)[::-1]
        setattr(at, key, value)
    return opt, keep


def _plain(a: Any, kind: Any, ndim: int, name: str) -> np.ndarray:
    """`a` as a contiguous array of that type: itself where it is one, else a copy."""
    a = np.ascontiguousarray(a, kind)
    if a.ndim != ndim: raise ValueError(f"{name}: shape {a.shape}: must have {ndim} axes")
    return a


def _axes_of(points: Sequence[Any]) -> tuple[list[np.ndarray], list[Any]]:
    """x, y and z of points, and their addresses, NULL for the z of a plane."""
    axes = [_plain(a, float, 1, "points") for a in points]
    if len(axes) not in (2, 3) or len({a.size for a in axes}) > 1:
        raise ValueError("points: x, y or x, y, z, as many of each")
    return axes, [a.ctypes.data for a in axes] + [None] * (3 - len(axes))


def _records(name: str, n: int) -> np.ndarray:
    """n structs as an array with their fields."""
    return np.zeros(n, np.dtype(STRUCTS[name]))


class KdTree:
    """Made by Context.kdtree. Points and queries are a sequence of axes, x first: (x, y, z), or (3, n)."""

    def __init__(self, context: "Context", points: Sequence[Any]):
        self._context, self._tree = context, STRUCTS["mv_kdtree"]()
        axes, at = _axes_of(points)
        context._call("mv_kdtree_init", byref(self._tree), *at, axes[0].size)

    def __del__(self, free: Any = C["mv_kdtree_free"]):
        free(byref(self._context._ctx), byref(self._tree))

    def nearest(self, queries: Sequence[Any], k: int = 1, **opt: Any) -> tuple[np.ndarray, np.ndarray]:
        """index (NO_NEIGHBOUR: none) and squared distance, (queries, k)."""
        axes, at = _axes_of(queries)
        n = axes[0].size
        index, distance2 = np.empty((n, k), np.uint32), np.empty((n, k))
        options, _ = _options("mv_nearest_opt", opt)
        self._context._call("mv_kdtree_nearest", byref(self._tree), index.ctypes.data, distance2.ctypes.data,
                            *at, n, k, byref(options))
        return index, distance2

    def radius(self, queries: Sequence[Any], radius: float, lists: bool = True) -> Any:
        """start, and with lists index and squared distance: those of query i at [start[i]:start[i + 1]]."""
        axes, at = _axes_of(queries)
        n = axes[0].size
        start = np.empty(n + 1, np.uintp)
        def ask(index: Any, distance2: Any, room: int) -> None:
            self._context._call("mv_kdtree_radius", byref(self._tree), start.ctypes.data, index, distance2,
                                room, *at, n, radius)
        ask(None, None, 0)
        if not lists: return start
        index, distance2 = np.empty(start[-1], np.uint32), np.empty(start[-1])
        ask(index.ctypes.data, distance2.ctypes.data, int(start[-1]))
        return start, index, distance2


class Nufft:
    """A plan, made by Context.nufft: images (frames, coil, z, y, x) from and to samples (frames, coil, shots,
    samples, 1), c64; leading axes of 1 may be left out. A Volume in gives a Volume, an array an array."""

    def __init__(self, context: "Context", shape: Sequence[int], traj: Any, **opt: Any):
        self._context, self._plan = context, STRUCTS["mv_nufft"]()
        self._traj = _volume(traj)
        options, _ = _options("mv_nufft_opt", opt)
        context._call("mv_nufft_init", byref(self._plan), _sizes(shape, 3), byref(self._traj._v),
                      byref(options))

    def __del__(self, free: Any = C["mv_nufft_free"]):
        free(byref(self._context._ctx), byref(self._plan))

    def forward(self, image: Any, out: Any = None) -> Any:
        return self._run("mv_nufft_forward", out, image)

    def adjoint(self, data: Any, weights: Any = None, out: Any = None) -> Any:
        w = None if weights is None else _volume(weights)
        return self._run("mv_nufft_adjoint", out, data, w and byref(w._v))

    def _run(self, name: str, out: Any, src: Any, *args: Any) -> Any:
        s, d = _volume(src), Volume._empty() if out is None else _volume(out)
        if out is not None and not d.array.flags.writeable: raise ValueError("out is read-only")
        self._context._call(name, byref(self._plan), byref(d._v), byref(s._v), *args)
        d._settle()
        return out if out is not None else d if isinstance(src, Volume) else d.array


NO_NEIGHBOUR = int(re.search(r"MEDVOL_NO_NEIGHBOUR (0x\w+?)u", API)[1], 16)


def level_force(level: int = 0) -> int:
    """Takes a SIMD level (1 scalar .. 4 AVX-512; 0: best); the one chosen. Not while others compute."""
    return C["mv_level_force"](level)


def level() -> int:
    return C["mv_level"]()


class Context:
    """Threads and the last message; every operation is a method."""

    def __init__(self, threads: int = 0, strict: bool = False):
        self._ctx = STRUCTS["mv_ctx"]()
        desc = STRUCTS["mv_ctx_desc"](threads=threads, strict=strict)
        self._call("mv_ctx_init", byref(desc))

    def __del__(self, free: Any = C["mv_ctx_free"]):
        free(byref(self._ctx))

    @property
    def threads(self) -> int:
        return C["mv_threads"](byref(self._ctx))

    @property
    def warnings(self) -> int:
        """What the last load mended: sum of MEDVOL_W_*."""
        return C["mv_warnings"](byref(self._ctx))

    def _call(self, name: str, *args: Any) -> None:
        status = C[name](byref(self._ctx), *args)
        if status < 0:
            error = self._ctx.error
            field = ctypes.string_at(error.field).decode() if error.field else ""
            raise MedvolError(status, C["mv_message"](byref(self._ctx)).decode(), field, error.value)

    def _map(self, name: str, out: Any, src: Any, *args: Any, opt: tuple[str, dict] | None = None) -> Any:
        """name(ctx, dst, src, args..., opt): gives `out`, or a new one of src's kind."""
        s = _volume(src)
        d = s if out is src else Volume._empty() if out is None else _volume(out)
        if out is not None and not d.array.flags.writeable: raise ValueError("out is read-only")
        place = d._v.data
        if opt is None:
            self._call(name, byref(d._v), byref(s._v), *args)
        else:
            options, keep = _options(*opt, ndim=s._v.ndim)
            self._call(name, byref(d._v), byref(s._v), *args, byref(options))
        d._settle()
        if out is not None and not isinstance(out, Volume) and d._v.data != place:
            what = f"{name[3:]}: not in place: the result has another shape, type or order"
            raise MedvolError(CONST["E_ALIAS"], what)
        return out if out is not None else d if isinstance(src, Volume) else d.array

    # ---- files ----
    def load(self, path: Any, out: Any = None, **opt: Any) -> Volume:
        """A file as a Volume. start, size: a box, of the last axes when they are fewer."""
        return self._load("mv_load", out, opt, os.fsencode(path))

    def load_mem(self, data: Any, out: Any = None, **opt: Any) -> Volume:
        """The bytes of a file, plain or gzip."""
        data = np.frombuffer(data, np.uint8)
        return self._load("mv_load_mem", out, opt, data.ctypes.data, data.size)

    def header(self, path: Any, **opt: Any) -> Volume:
        """Shape, type, geometry; array is None."""
        return self._load("mv_load_header", None, opt, os.fsencode(path))

    def map(self, path: Any, **opt: Any) -> Volume:
        """The voxels of a plain file as they lie there, read when touched; writing leaves the file alone."""
        return self._load("mv_map", None, opt, os.fsencode(path))

    def _load(self, name: str, out: Any, opt: dict, *args: Any) -> Volume:
        if opt.get("start") is not None: opt = {"crop": len(opt["start"]), **opt}
        options, _ = _options("mv_load_opt", opt)
        v = Volume._empty() if out is None else _volume(out)
        self._call(name, byref(v._v), *args, byref(options))
        v._settle()
        return v

    def save(self, path: Any, src: Any, **opt: Any) -> None:
        options, _ = _options("mv_save_opt", opt)
        self._call("mv_save", byref(_volume(src)._v), os.fsencode(path), byref(options))

    def field_load(self, path: Any, out: Any = None, **opt: Any) -> Volume:
        return self._load("mv_field_load", out, opt, os.fsencode(path))

    def field_save(self, path: Any, field: Any, **opt: Any) -> None:
        options, _ = _options("mv_save_opt", opt)
        self._call("mv_field_save", byref(_volume(field)._v), os.fsencode(path), byref(options))

    def affine_load(self, path: Any) -> np.ndarray:
        """4 x 4, of a text transform of ITK."""
        a = (ctypes.c_double * 12)()
        self._call("mv_affine_load", a, os.fsencode(path), None)
        return np.vstack([np.reshape(a, (3, 4)), [0, 0, 0, 1]])

    def affine_save(self, path: Any, affine: Any) -> None:
        self._call("mv_affine_save", _affine(affine), os.fsencode(path), None)

    # ---- intensity ----
    def convert(self, src: Any, dtype: Any, out: Any = None, **opt: Any) -> Any:
        return self._map("mv_convert", out, src, dtype_code(dtype), opt=("mv_convert_opt", opt))

    def _measure(self, name: str, kind: Any, src: Any, n: int, args: tuple, opt: tuple[str, dict]) -> Any:
        """name(ctx, out, src, args..., opt) with n results, or n for each index of the split axis."""
        s = _volume(src)
        options, keep = _options(*opt, ndim=s._v.ndim)
        times = s._v.dim[options.split - 1] if options.split else 1
        out = (kind * (n * times))()
        self._call(name, out, byref(s._v), *args, byref(options))
        return out, bool(options.split)

    def stats(self, src: Any, **opt: Any) -> Any:
        """mv_statistics (count, mean, sd, min, max, ...); a list of them with split."""
        out, split = self._measure("mv_stats", STRUCTS["mv_statistics"], src, 1, (), ("mv_stats_opt", opt))
        return list(out) if split else out[0]

    def percentiles(self, src: Any, q: Sequence[float], **opt: Any) -> np.ndarray:
        n = len(q)
        out, split = self._measure("mv_percentiles", ctypes.c_double, src, n,
                                   ((ctypes.c_double * n)(*q), n), ("mv_percentile_opt", opt))
        return np.array(out).reshape((-1, n) if split else n)

    def median(self, src: Any, **opt: Any) -> Any:
        out, split = self._measure("mv_median", ctypes.c_double, src, 1, (), ("mv_percentile_opt", opt))
        return np.array(out) if split else out[0]

    def _histogram(self, src: Any, bins: int, out: np.ndarray | None, opt: dict) -> tuple[Any, np.ndarray]:
        counts = np.zeros(bins, np.uint64) if out is None else out
        if counts.dtype != np.uint64 or counts.shape != (bins,) or not counts.flags.c_contiguous:
            raise ValueError(f"out: {bins} contiguous uint64")
        h = STRUCTS["mv_hist"](counts=counts.ctypes.data, bins=bins)
        s = _volume(src)
        options, keep = _options("mv_histogram_opt", opt)
        self._call("mv_histogram", byref(h), byref(s._v), byref(options))
        return h, counts

    def histogram(self, src: Any, bins: int = 256, out: np.ndarray | None = None,
                  **opt: Any) -> tuple[np.ndarray, np.ndarray]:
        """counts, edges."""
        h, counts = self._histogram(src, bins, out, opt)
        edges = np.arange(bins + 1) * ((h.hi - h.lo) / bins) + h.lo
        edges[-1] = h.hi
        return counts, edges

    def otsu(self, src: Any, bins: int = 256, **opt: Any) -> float:
        h, counts = self._histogram(src, bins, None, opt)
        threshold = ctypes.c_double()
        self._call("mv_otsu", byref(threshold), byref(h))
        return threshold.value

    def znorm(self, src: Any, out: Any = None, **opt: Any) -> Any:
        return self._map("mv_znorm", out, src, opt=("mv_znorm_opt", opt))

    def rescale(self, src: Any, out_min: float = 0.0, out_max: float = 1.0, out: Any = None,
                **opt: Any) -> Any:
        return self._map("mv_rescale", out, src, out_min, out_max, opt=("mv_rescale_opt", opt))

    def linear(self, src: Any, a: float, b: float, out: Any = None) -> Any:
        return self._map("mv_linear", out, src, a, b)

    def clamp(self, src: Any, lo: float, hi: float, out: Any = None) -> Any:
        return self._map("mv_clamp", out, src, lo, hi)

    def threshold(self, src: Any, lo: float, hi: float, out: Any = None, **opt: Any) -> Any:
        return self._map("mv_threshold", out, src, lo, hi, opt=("mv_threshold_opt", opt))

    def gamma(self, src: Any, g: float, out: Any = None, **opt: Any) -> Any:
        return self._map("mv_gamma", out, src, g, opt=("mv_gamma_opt", opt))

    # ---- correlation, chi-squared, angles: a struct; with split or of rows an array of records ----
    def ncc(self, a: Any, b: Any, **opt: Any) -> Any:
        """mv_correlation (r, mean_a, sd_a, ..., flags) of two volumes."""
        return self._pairs("mv_ncc", "mv_correlation", a, b, "mv_ncc_opt", opt)

    def fit_gain_offset(self, data: Any, model: Any, **opt: Any) -> Any:
        """mv_gain_offset (gain, offset, residual, r, ...): data ~ gain * model + offset."""
        return self._pairs("mv_fit_gain_offset", "mv_gain_offset", data, model, "mv_gain_opt", opt)

    def chi2(self, observed: Any, expected: Any = None, **opt: Any) -> Any:
        """mv_chi2_sum (chi2, dof, reduced, ...)."""
        return self._pairs("mv_chi2", "mv_chi2_sum", observed, expected, "mv_chi2_opt", opt)

    def _pairs(self, name: str, kind: str, a: Any, b: Any, opt_name: str, opt: dict) -> Any:
        other = None if b is None else _volume(b)
        out, split = self._measure(name, STRUCTS[kind], a, 1, (other and byref(other._v),), (opt_name, opt))
        return np.frombuffer(out, np.dtype(STRUCTS[kind])) if split else out[0]

    def chi2_map(self, observed: Any, expected: Any = None, out: Any = None, **opt: Any) -> Any:
        """Of each voxel of a series (t, z, y, x) over its frames."""
        other = None if expected is None else _volume(expected)
        return self._map("mv_chi2_map", out, observed, other and byref(other._v), opt=("mv_chi2_opt", opt))

    def pearson(self, a: Any, b: Any, weights: Any = None) -> Any:
        """mv_correlation of two arrays of one axis, f32 when both are, else f64."""
        kind = np.float32 if a.dtype == b.dtype == np.float32 else np.float64
        a, b = _plain(a, kind, 1, "a"), _plain(b, kind, 1, "b")
        w = None if weights is None else _plain(weights, kind, 1, "weights")
        if a.size != b.size or (w is not None and w.size != a.size): raise ValueError("not as many of each")
        out = STRUCTS["mv_correlation"]()
        self._call("mv_pearson_f32" if kind is np.float32 else "mv_pearson_f64", byref(out), a.ctypes.data,
                   b.ctypes.data, None if w is None else w.ctypes.data, a.size)
        return out

    def pearson_rows(self, data: Any, ref: Any) -> np.ndarray:
        """Of f32 `ref` with each row of `data`."""
        data, ref = _plain(data, np.float32, 2, "data"), _plain(ref, np.float32, 1, "ref")
        if data.shape[1] != ref.size: raise ValueError(f"ref: {ref.size} values, rows have {data.shape[1]}")
        out = _records("mv_correlation", data.shape[0])
        self._call("mv_pearson_rows_f32", out.ctypes.data, data.ctypes.data, data.shape[0], ref.ctypes.data,
                   ref.size)
        return out

    def fit_gain_offset_rows(self, data: Any, model: Any, weights: Any = None) -> np.ndarray:
        """Of each row of f32 `data`; model: one row for all, or as many rows."""
        data = _plain(data, np.float32, 2, "data")
        model = _plain(model, np.float32, np.ndim(model), "model")
        w = None if weights is None else _plain(weights, np.float32, 1, "weights")
        rows, n = data.shape
        if model.shape not in ((n,), (rows, n)) or (w is not None and w.size != n):
            raise ValueError(f"data {data.shape}, model {model.shape}: rows do not fit")
        out = _records("mv_gain_offset", rows)
        self._call("mv_fit_gain_offset_f32", out.ctypes.data, data.ctypes.data, rows, model.ctypes.data,
                   model.ndim == 2, None if w is None else w.ctypes.data, n)
        return out

    def angle_select(self, angles: Any, ranges: Any, bits: bool = False, **opt: Any) -> Any:
        """Numbers of the angles within ranges ((lo, hi), ...); with bits, as np.packbits has them, too."""
        angles, ranges = _plain(angles, float, 1, "angles"), np.ascontiguousarray(ranges, float)
        if ranges.size and ranges.shape[1:] != (2,): raise ValueError(f"ranges: shape {ranges.shape}")
        index, count = np.empty(angles.size, np.uint32), ctypes.c_size_t()
        packed = np.empty((angles.size + 7) // 8, np.uint8) if bits else None
        options, _ = _options("mv_angle_opt", opt)
        self._call("mv_angle_select", index.ctypes.data, packed.ctypes.data if bits else None, byref(count),
                   angles.ctypes.data, angles.size, ranges.ctypes.data, len(ranges), byref(options))
        return (index[: count.value], packed) if bits else index[: count.value]

    def kdtree(self, *points: Any) -> KdTree:
        """Of x, y or x, y, z."""
        return KdTree(self, points)

    def nufft(self, shape: Sequence[int], traj: Any, **opt: Any) -> Nufft:
        """shape: of the image, x last; traj (frames, 1, shots, samples, 3): kx, ky, kz in pixel index."""
        return Nufft(self, shape, traj, **opt)

    # ---- spatial ----
    def crop(self, src: Any, start: Sequence[int], size: Sequence[int], out: Any = None, **opt: Any) -> Any:
        return self._map("mv_crop", out, src, self._axes(src, start), self._axes(src, size),
                         opt=("mv_crop_opt", opt))

    def pad(self, src: Any, before: Sequence[int], after: Sequence[int], out: Any = None, **opt: Any) -> Any:
        return self._map("mv_pad", out, src, self._axes(src, before), self._axes(src, after),
                         opt=("mv_pad_opt", opt))

    def crop_or_pad(self, src: Any, shape: Sequence[int], out: Any = None, **opt: Any) -> Any:
        return self._map("mv_crop_or_pad", out, src, self._axes(src, shape), opt=("mv_crop_or_pad_opt", opt))

    def crop_foreground(self, src: Any, out: Any = None, **opt: Any) -> Any:
        """above, threshold, margin, by: the rule; foreground_box gives the box alone."""
        return self._map("mv_crop_foreground", out, src, opt=("mv_foreground_opt", opt))

    def foreground_box(self, src: Any, **opt: Any) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """start, size."""
        s = _volume(src)
        start, size = (ctypes.c_size_t * s._v.ndim)(), (ctypes.c_size_t * s._v.ndim)()
        options, keep = _options("mv_foreground_opt", opt)
        self._call("mv_foreground_box", start, size, byref(s._v), byref(options))
        return tuple(start)[::-1], tuple(size)[::-1]

    def flip(self, src: Any, axes: Sequence[int], out: Any = None) -> Any:
        n = len(src.shape)
        return self._map("mv_flip", out, src, sum({1 << (n - 1 - range(n)[a]) for a in axes}))

    def _fourier(self, name: str, src: Any, axes: Sequence[int] | None, flags: int, out: Any,
                 opt: dict) -> Any:
        n = len(src.shape)
        bits = sum({1 << (n - 1 - range(n)[a]) for a in (range(n) if axes is None else axes)})
        return self._map(name, out, src, opt=("mv_fft_opt", {"axes": bits, "flags": flags, **opt}))

    def fft(self, src: Any, axes: Sequence[int] | None = None, flags: int = 0, out: Any = None,
            **opt: Any) -> Any:
        """numpy.fft.fftn; flags: sums of CONST["FFT_INVERSE"], _CENTERED, _UNITARY, _SCALED."""
        return self._fourier("mv_fft", src, axes, flags, out, opt)

    def rfft(self, src: Any, axes: Sequence[int] | None = None, flags: int = 0, out: Any = None,
             **opt: Any) -> Any:
        """numpy.fft.rfftn: the last of the axes is halved."""
        return self._fourier("mv_rfft", src, axes, flags, out, opt)

    def irfft(self, src: Any, axes: Sequence[int] | None = None, flags: int = 0, out: Any = None,
              **opt: Any) -> Any:
        """numpy.fft.irfftn with flags=CONST["FFT_SCALED"]; shape: lengths of all axes, 0 for src's."""
        return self._fourier("mv_irfft", src, axes, flags, out, opt)

    def permute(self, src: Any, order: Sequence[int], out: Any = None) -> Any:
        """numpy.transpose."""
        n = len(src.shape)
        if len(order) != n: raise ValueError(f"order: {n} axes")
        axes = _vector(ctypes.c_int, [n - 1 - range(n)[a] for a in order])
        return self._map("mv_permute", out, src, axes)

    def rot90(self, src: Any, k: int = 1, axes: tuple[int, int] = (0, 1), out: Any = None) -> Any:
        """numpy.rot90."""
        n = len(src.shape)
        a, b = (n - 1 - range(n)[axis] for axis in axes)
        return self._map("mv_rot90", out, src, k, a, b)

    def reorient(self, src: Any, code: str, out: Any = None, **opt: Any) -> Any:
        return self._map("mv_reorient", out, src, code.encode(), opt=("mv_reorient_opt", opt))

    @staticmethod
    def _axes(src: Any, values: Sequence[int]) -> Any:
        if len(values) != len(src.shape):
            raise ValueError(f"{tuple(values)}: one number for each of {src.shape}")
        return _sizes(values)

    # ---- resampling ----
    def resample_spacing(self, src: Any, spacing: Sequence[float], out: Any = None, **opt: Any) -> Any:
        return self._map("mv_resample_spacing", out, src, _vector(ctypes.c_double, spacing, 3),
                         opt=("mv_resample_opt", opt))

    def resample_shape(self, src: Any, shape: Sequence[int], out: Any = None, **opt: Any) -> Any:
        return self._map("mv_resample_shape", out, src, _sizes(shape, 3), opt=("mv_resample_opt", opt))

    def resample_like(self, src: Any, grid: Any, out: Any = None, **opt: Any) -> Any:
        return self._map("mv_resample_like", out, src, byref(_volume(grid)._v), opt=("mv_resample_opt", opt))

    def resample_affine(self, src: Any, matrix: Any, shape: Sequence[int], out: Any = None,
                        **opt: Any) -> Any:
        """Voxel (i, j, k) of the result is src at matrix * (i, j, k, 1)."""
        m = np.ascontiguousarray(np.asarray(matrix, float)[:3])
        return self._map("mv_resample_affine", out, src, m.ctypes.data, _sizes(shape, 3),
                         opt=("mv_resample_opt", opt))

    # ---- transforms and fields ----
    # A chain is a transform or a list of them, the first of which takes the point: an affine (3 x 4 or 4 x 4,
    # mm to mm), a field (5 axes: components, 1, z, y, x), or a tuple: ("velocity", v), ("bspline",
    # coefficients), ("affine", a, "inverse"), ("field", u, "inverse") ...
    def warp(self, src: Any, grid: Any, chain: Any, out: Any = None, **opt: Any) -> Any:
        """src at T(p), p the world positions of grid's voxels."""
        g, (steps, n, keep) = _volume(grid), _chain(chain)
        return self._map("mv_warp", out, src, byref(g._v), steps, n, opt=("mv_warp_opt", opt))

    def transform_field(self, grid: Any, chain: Any, out: Any = None) -> Any:
        """T(p) - p in mm on grid's voxels."""
        steps, n, keep = _chain(chain)
        return self._map("mv_transform_field", out, grid, steps, n)

    def field_exp(self, velocity: Any, out: Any = None, **opt: Any) -> Any:
        return self._map("mv_field_exp", out, velocity, opt=("mv_field_exp_opt", opt))

    def field_invert(self, field: Any, out: Any = None, **opt: Any) -> Any:
        return self._map("mv_field_invert", out, field, opt=("mv_field_invert_opt", opt))

    def field_jacobian(self, field: Any, image: bool = False, **opt: Any) -> Any:
        """mv_jacobian_stats; with image: the determinants, and those."""
        f, stats, det = _volume(field), STRUCTS["mv_jacobian_stats"](), Volume._empty()
        options, keep = _options("mv_jacobian_opt", opt)
        self._call("mv_field_jacobian", byref(det._v) if image else None, byref(stats), byref(f._v),
                   byref(options))
        det._settle()
        return (det if isinstance(field, Volume) else det.array, stats) if image else stats

    def metric_field(self, a: Any, b: Any = None, mask: Any = None) -> Any:
        """mv_error_metrics (mean, median, p95, max, rms, mm) of |a - b|, or of |a|."""
        volumes = [None if x is None else _volume(x) for x in (a, b, mask)]
        out = STRUCTS["mv_error_metrics"]()
        self._call("mv_metric_field", byref(out), *(v and byref(v._v) for v in volumes))
        return out

    def metric_labels(self, a: Any, b: Any, labels: Sequence[int] | None = None,
                      background: bool = False) -> tuple[float, list[Any]]:
        """Mean Dice, and mv_label_metrics of each label."""
        x, y, mean, count = _volume(a), _volume(b), ctypes.c_double(), ctypes.c_size_t()
        options = STRUCTS["mv_label_opt"](background=background)
        if labels is not None:
            chosen = (ctypes.c_int64 * len(labels))(*labels)
            options.labels, options.nlabels = ctypes.addressof(chosen), len(labels)
        cap = 1024 if labels is None else len(labels)
        while True:
            table = (STRUCTS["mv_label_metrics"] * max(cap, 1))()
            try:
                self._call("mv_metric_labels", table, cap, byref(count), byref(mean), byref(x._v),
                           byref(y._v), byref(options))
                return mean.value, list(table[: count.value])
            except MedvolError as e:
                if e.name != "E_SPACE" or count.value <= cap: raise
                cap = count.value

    # ---- registration ----
    # start: an affine. levels, iterations, tolerance, slope and seconds of the control are options like the
    # others; `report`: mv_register_report of the last call.
    report: Any = None

    def _register(self, name: str, result: Any, fixed: Any, moving: Any, opt: dict) -> None:
        f, other, report = _volume(fixed), _volume(moving), STRUCTS["mv_register_report"]()
        options, keep = _options(name + "_opt", opt)
        options.control.report = ctypes.addressof(report)
        self._call(name, result, byref(f._v), byref(other._v), byref(options))
        for v in keep:
            if isinstance(v, Volume): v._settle()
        self.report = report

    def register_affine(self, fixed: Any, moving: Any, **opt: Any) -> np.ndarray:
        """4 x 4: points of fixed's world to points of moving's."""
        a = (ctypes.c_double * 12)()
        self._register("mv_register_affine", a, fixed, moving, opt)
        return np.vstack([np.reshape(a, (3, 4)), [0, 0, 0, 1]])

    def register(self, method: str, fixed: Any, moving: Any, /, **opt: Any) -> Volume:
        """The field (bspline: the coefficients) of mv_register_METHOD, or of mv_flow."""
        name = next((n for n in ("mv_register_" + method, "mv_" + method) if n in PROTOTYPES), None)
        if name is None: raise ValueError(f"medvol.h has no mv_register_{method}")
        field = Volume._empty()
        self._register(name, byref(field._v), fixed, moving, opt)
        field._settle()
        return field

    def register_lncc(self, fixed: Any, moving: Any, **opt: Any) -> Volume:
        return self.register("lncc", fixed, moving, **opt)

    # ---- gzip: bytes or arrays in, arrays of uint8 out ----
    def _code(self, name: str, out: Any, room: int, src: Any, *args: Any) -> np.ndarray:
        src = np.frombuffer(src, np.uint8)
        made = ctypes.c_size_t()
        out = self._room(out, room)
        self._call(name, out.ctypes.data, out.nbytes, src.ctypes.data, src.size, *args, byref(made))
        return out[: made.value]

    @staticmethod
    def _room(out: np.ndarray | None, room: int) -> np.ndarray:
        if out is None: return np.empty(room, np.uint8)
        if out.dtype != np.uint8 or out.ndim != 1 or not out.flags.c_contiguous or not out.flags.writeable:
            raise ValueError("out: contiguous writable uint8 of one axis")
        return out

    def inflate(self, src: Any, size: int = 0, out: np.ndarray | None = None) -> np.ndarray:
        """A raw deflate stream of at most `size` decoded bytes."""
        return self._code("mv_inflate", out, size, src, None)

    def deflate(self, src: Any, level: int = 1, out: np.ndarray | None = None) -> np.ndarray:
        room = 0 if out is not None else C["mv_deflate_bound"](len(memoryview(src).cast("B")))
        return self._code("mv_deflate", out, room, src, level)

    def gzip_pack(self, src: Any, out: np.ndarray | None = None, **opt: Any) -> np.ndarray:
        options, _ = _options("mv_gzip_opt", opt)
        room = 0 if out is not None else C["mv_gzip_bound"](len(memoryview(src).cast("B")), byref(options))
        return self._code("mv_gzip_pack", out, room, src, byref(options))

    def gzip_unpack(self, src: Any, size: int = 0, out: np.ndarray | None = None) -> np.ndarray:
        """A gzip file of at most `size` decoded bytes."""
        src = np.frombuffer(src, np.uint8)
        info = STRUCTS["mv_gzip_info"]()
        out = self._room(out, size)
        self._call("mv_gzip_unpack", out.ctypes.data, out.nbytes, src.ctypes.data, src.size, byref(info))
        return out[: info.dst_n]

    def lz4_compress(self, src: Any, out: np.ndarray | None = None) -> np.ndarray:
        """One block, without a frame."""
        room = 0 if out is not None else C["mv_lz4_bound"](len(memoryview(src).cast("B")))
        return self._code("mv_lz4_compress", out, room, src)

    def lz4_decompress(self, src: Any, size: int = 0, out: np.ndarray | None = None) -> np.ndarray:
        """A block of at most `size` decoded bytes."""
        return self._code("mv_lz4_decompress", out, size, src)

    # ---- transport of protons ----
    def medium(self, z: Sequence[float], a: Sequence[float], share: Sequence[float], density: float,
               excitation: float) -> Any:
        """mv_medium of a mixture of elements."""
        n = len(z)
        if len(a) != n or len(share) != n: raise ValueError("z, a, share: not as many of each")
        out = STRUCTS["mv_medium"]()
        self._call("mv_medium_make", byref(out), *((ctypes.c_double * n)(*v) for v in (z, a, share)), n,
                   density, excitation)
        return out

    def stopping(self, medium: Any = None) -> Any:
        """mv_stopping of a medium, or of water."""
        out = STRUCTS["mv_stopping"]()
        self._call("mv_stopping_init", byref(out), medium and byref(medium))
        return out

    def _table(self, name: str, stopping: Any, values: Any, *more: Any) -> np.ndarray:
        values = np.ascontiguousarray(values, float)
        out = np.empty_like(values)
        self._call(name, out.ctypes.data, byref(stopping), values.ctypes.data, values.size, *more)
        return out

    def stopping_power(self, stopping: Any, energy: Any) -> np.ndarray:
        return self._table("mv_stopping_power", stopping, energy)

    def stopping_range(self, stopping: Any, energy: Any) -> np.ndarray:
        return self._table("mv_stopping_range", stopping, energy)

    def stopping_energy(self, stopping: Any, ranges: Any) -> np.ndarray:
        return self._table("mv_stopping_energy", stopping, ranges)

    def scattering_power(self, stopping: Any, energy: Any, entrance: float,
                         model: str = "scatter_moliere") -> np.ndarray:
        return self._table("mv_scattering_power", stopping, energy, entrance, CONST[model.upper()])

    def gaussian_discrete(self, count: int, t: float) -> np.ndarray:
        out = np.empty(count)
        self._call("mv_gaussian_discrete", out.ctypes.data, count, t)
        return out

    def transport_energies(self, n: int, low: float, high: float, axis: int = 0,
                           stopping: Any = None) -> np.ndarray:
        out = np.empty(n)
        self._call("mv_transport_energies", out.ctypes.data, n, low, high, axis, stopping and byref(stopping))
        return out

    def transport_step(self, psi: np.ndarray, dose: np.ndarray, energy: Any, stopping: Any, way: float,
                       grid: dict[str, Any], report: bool = False, **opt: Any) -> Any:
        """Moves psi (energy, angle, z, x), f32, on and adds to dose (z, x), f64, both in place. grid: dx, dz,
        angle, dangle, cutoff. With report: mv_transport_report."""
        energy = _plain(energy, float, 1, "energy")
        fits = psi.ndim == 4 and psi.shape[:1] == energy.shape and psi.shape[2:] == dose.shape
        if not (fits and psi.dtype == np.float32 and dose.dtype == np.float64
                and all(a.flags.c_contiguous and a.flags.writeable for a in (psi, dose))):
            raise ValueError(f"psi {psi.shape} {psi.dtype}, dose {dose.shape} {dose.dtype}: contiguous, "
                             f"writeable f32 of {energy.size} energies and f64 of its planes")
        ne, na, nz, nx = psi.shape
        g = STRUCTS["mv_transport_grid"](nx=nx, nz=nz, angles=na, energies=ne, energy=energy.ctypes.data,
                                         **grid)
        out = STRUCTS["mv_transport_report"]() if report else None
        options, _ = _options("mv_transport_step_opt", opt)
        self._call("mv_transport_step", psi.ctypes.data, dose.ctypes.data, out and byref(out), byref(g),
                   byref(stopping), way, byref(options))
        return out
