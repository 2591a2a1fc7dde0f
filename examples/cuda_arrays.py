"""cuda_arrays.py - arrays on a GPU, of CuPy, PyTorch, JAX, Numba ..., as volumes of medvol_cuda.h: no copy,
and no package but Python. What is taken: __dlpack__ with __dlpack_device__, and __cuda_array_interface__.

    make build/libmedvol_cuda.so                        # by nvcc

    import torch, cuda_arrays
    gpu = cuda_arrays.Gpu()                             # on the default stream, as PyTorch and CuPy are
    scan = torch.rand(60, 128, 128, device="cuda")      # z, y, x: x runs fastest, as everywhere
    gpu.znorm(scan)                                     # in place
    iso = torch.empty(180, 128, 128, device="cuda")
    gpu.resample_spacing(iso, scan, old=(3, 1, 1), new=(1, 1, 1))
    with gpu.wrap(scan) as s, gpu.wrap(iso) as d:       # any other call: mv_cuda_volume *, options, numbers
        gpu.call("mv_cuda_clamp", d, d, ctypes.c_double(-4), ctypes.c_double(4))

Rows must be contiguous: x may not skip, other axes may. Calls raise MedvolError; what an array cannot be is a
TypeError or a ValueError before anything is called."""
import ctypes
import math
import os
import sys
from ctypes import POINTER, byref, c_char_p, c_double, c_int, c_int32, c_int64, c_size_t, c_ssize_t, c_uint
from ctypes import c_uint8, c_uint16, c_uint32, c_uint64, c_void_p, py_object

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
LIBRARY = os.path.join(ROOT, "build", "libmedvol_cuda.so")


# ---- medvol.h and medvol_cuda.h ----
class Volume(ctypes.Structure):  # mv_volume
    _fields_ = [("data", c_void_p), ("dtype", c_int), ("ndim", c_int), ("dim", c_size_t * 7),
                ("stride", c_ssize_t * 7), ("affine", c_double * 12), ("step", c_double * 4),
                ("slope", c_double), ("inter", c_double), ("nifti", c_void_p), ("owner", c_void_p),
                ("map_bytes", c_uint64), ("owns_nifti", c_uint)]


class Desc(ctypes.Structure):  # mv_cuda_desc
    _fields_ = [("by_number", c_int), ("device", c_int), ("given_stream", c_int), ("stream", c_void_p),
                ("mem_alloc", c_void_p), ("mem_free", c_void_p), ("mem_user", c_void_p),
                ("workspace", c_void_p), ("workspace_bytes", c_size_t), ("trust", c_int)]


class ZnormOpt(ctypes.Structure):  # mv_znorm_opt
    _fields_ = [("mask", c_void_p), ("mask8", c_void_p), ("nonzero", c_int), ("split", c_int),
                ("sample", c_int), ("given_mean", c_int), ("given_sd", c_int), ("mean", c_double),
                ("sd", c_double)]


class ResampleOpt(ctypes.Structure):  # mv_resample_opt
    _fields_ = [("interp", c_int), ("border", c_int), ("value", c_double), ("grid", c_int), ("shape", c_int),
                ("antialias", c_int), ("a", c_double), ("lobes", c_int), ("dtype", c_int)]


INTERP = {"linear": 0, "nearest": 1, "cubic": 2, "cubic_conv": 3, "lanczos": 4}
_ROOM = 1 << 16  # for a mv_cuda_ctx, which nobody looks into here: more than it is

# ---- DLPack, its C side ----
CUDA, CUDA_MANAGED = 2, 13
READ_ONLY = 1


class Tensor(ctypes.Structure):  # DLTensor
    _fields_ = [("data", c_void_p), ("device_type", c_int32), ("device_id", c_int32), ("ndim", c_int32),
                ("code", c_uint8), ("bits", c_uint8), ("lanes", c_uint16), ("shape", POINTER(c_int64)),
                ("strides", POINTER(c_int64)), ("byte_offset", c_uint64)]


DELETER = ctypes.CFUNCTYPE(None, c_void_p)


class Managed(ctypes.Structure):  # DLManagedTensor
    _fields_ = [("tensor", Tensor), ("context", c_void_p), ("deleter", DELETER)]


class ManagedVersioned(ctypes.Structure):  # DLManagedTensorVersioned
    _fields_ = [("major", c_uint32), ("minor", c_uint32), ("context", c_void_p), ("deleter", DELETER),
                ("flags", c_uint64), ("tensor", Tensor)]


CAPSULES = {b"dltensor": (Managed, b"used_dltensor"),
            b"dltensor_versioned": (ManagedVersioned, b"used_dltensor_versioned")}


def _python(name, result, *args):
    f = getattr(ctypes.pythonapi, name)
    f.restype, f.argtypes = result, args
    return f


_capsule_name = _python("PyCapsule_GetName", c_char_p, py_object)
_capsule_rename = _python("PyCapsule_SetName", c_int, py_object, c_char_p)
_capsule_pointer = _python("PyCapsule_GetPointer", c_void_p, py_object, c_char_p)

# kind and bytes of an element -> mv_dtype; booleans are bytes
_DTYPES = {"u1": 2, "i2": 4, "i4": 8, "f4": 16, "c8": 32, "f8": 64, "i1": 256, "u2": 512, "u4": 768,
           "i8": 1024, "u8": 1280, "c16": 1792, "f2": 16384, "bf2": 16385, "b1": 2}
_CODES = {0: "i", 1: "u", 2: "f", 4: "bf", 5: "c", 6: "b"}


class MedvolError(Exception):
    """status: mv_status."""

    def __init__(self, status, message):
        self.status = status
        super().__init__(f"{message} ({status})")


class View:
    """What a protocol says about an array: address, C-order shape, strides in elements or None, mv_dtype; and
    how to give it back."""

    def __init__(self, data, shape, strides, kind, read_only=False, release=None, stream=None):
        self.data, self.shape, self.strides, self.read_only = data, tuple(shape), strides, read_only
        self.release, self.stream = release, stream
        if kind not in _DTYPES: raise TypeError(f"medvol has no type for elements of kind {kind}")
        self.dtype = _DTYPES[kind]
        if not 1 <= len(self.shape) <= 7: raise ValueError(f"shape {self.shape}: 1 to 7 axes are needed")


def from_interface(x):
    """View of __cuda_array_interface__, whose strides are in bytes."""
    i = x.__cuda_array_interface__
    data, read_only = i["data"]
    kind, strides, stream = i["typestr"], i.get("strides"), i.get("stream")
    order, kind, size = kind[0], kind[1:], int(kind[2:])
    if order == (">" if sys.byteorder == "little" else "<") and size > 1:
        raise TypeError(f"{i['typestr']}: not this machine's byte order")
    if i.get("mask") is not None: raise TypeError("masked arrays are not taken")
    if stream == 0: raise ValueError("stream 0 of __cuda_array_interface__ could be any default stream")
    if strides is not None:
        if any(s % size for s in strides): raise ValueError(f"strides {strides}: not whole elements")
        strides = [s // size for s in strides]
    return View(data, i["shape"], strides, kind, read_only, None, stream)


def from_dlpack(x, stream):
    """View of __dlpack__, which makes `stream` wait for the producer's."""
    device = x.__dlpack_device__()[0]
    if device not in (CUDA, CUDA_MANAGED): raise TypeError(f"DLPack device type {device}: not memory of CUDA")
    try:
        capsule = x.__dlpack__(stream=stream, max_version=(1, 0))
    except TypeError:  # from before 1.0
        capsule = x.__dlpack__(stream=stream)
    name = _capsule_name(capsule)
    if name not in CAPSULES: raise TypeError(f"a capsule named {name}, not one of DLPack that is still full")
    form, used = CAPSULES[name]
    address = _capsule_pointer(capsule, name)
    m = form.from_address(address)
    _capsule_rename(capsule, used)  # from here on it is ours to delete

    def release():
        if m.deleter: m.deleter(address)

    try:
        versioned, t = form is ManagedVersioned, m.tensor
        if versioned and m.major != 1: raise TypeError(f"DLPack {m.major}.{m.minor}: 1.x is known")
        if t.code not in _CODES or t.lanes != 1 or t.bits % 8:
            raise TypeError(f"DLPack type code {t.code}, {t.bits} bits, {t.lanes} lanes: not taken")
        strides = t.strides[: t.ndim] if t.strides else None  # NULL, of old producers: compact
        kind, read_only = f"{_CODES[t.code]}{t.bits // 8}", versioned and bool(m.flags & READ_ONLY)
        return View((t.data or 0) + t.byte_offset, t.shape[: t.ndim], strides, kind, read_only, release)
    except Exception:
        release()
        raise


class Array:
    """An array as mv_cuda_volume: goes into calls as such. Ends by release(), or with its `with`: waits for
    the stream where that is needed, then gives the memory back to who lent it."""

    def __init__(self, gpu, view, owner, spacing=None):
        self.gpu, self.view, self.owner, self.volume = gpu, view, owner, Volume()
        n, stride = len(view.shape), None
        if view.strides is not None: stride = (c_ssize_t * n)(*view.strides[::-1])
        try:
            gpu.call("mv_cuda_volume_wrap", byref(self.volume), c_void_p(view.data), c_int(view.dtype),
                     c_int(n), (c_size_t * n)(*view.shape[::-1]), stride)
        except MedvolError:
            self.release()
            raise
        if spacing is not None:
            for d, mm in enumerate(tuple(spacing)[::-1][:3]): self.volume.affine[5 * d] = mm

    @property
    def _as_parameter_(self):
        return byref(self.volume)

    def release(self):
        """Once is enough."""
        give_back, owner = self.view.release, self.owner
        self.view.release = self.owner = None
        # memory of another stream may be used again there as soon as `owner` is gone
        foreign = owner is not None and self.view.stream not in (None, self.gpu.stream)
        try:
            if give_back or foreign: self.gpu.sync()
        finally:
            if give_back: give_back()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.release()


class Gpu:
    """A mv_cuda_ctx on a stream of others: a handle, 1 the legacy default stream, 2 the thread's own."""

    def __init__(self, library=LIBRARY, stream=1, device=None):
        self._ctx = None
        self._library = ctypes.CDLL(library)
        self._library.mv_cuda_message.restype = c_char_p
        self._library.mv_status_str.restype = c_char_p
        self.stream, self.device = int(stream), device
        self._ctx = self._open(self.stream)

    def _open(self, stream):
        ctx = ctypes.create_string_buffer(_ROOM)
        desc = Desc(given_stream=1, stream=stream)
        if self.device is not None: desc.by_number, desc.device = 1, self.device
        self._call(ctx, "mv_cuda_ctx_init", byref(desc))
        return ctx

    def _call(self, ctx, name, *args):
        status = getattr(self._library, name)(ctx, *args)
        if status < 0:
            text = self._library.mv_cuda_message(ctx) or self._library.mv_status_str(c_int(status))
            raise MedvolError(status, text.decode())

    def call(self, name, *args):
        """name(ctx, args...); doubles as c_double, NULL as None."""
        self._call(self._ctx, name, *args)
        for a in args:
            if isinstance(a, Array) and a.volume.data != a.view.data:
                self._library.mv_cuda_volume_free(self._ctx, a)
                raise ValueError(f"{name}: not in place: the result has another type or shape")

    def sync(self):
        self.call("mv_cuda_sync")

    def _wait_for(self, stream):
        """Until what was enqueued there is done: a context of theirs knows how to wait."""
        theirs = self._open(stream)
        try:
            self._call(theirs, "mv_cuda_sync")
        finally:
            self._library.mv_cuda_ctx_free(theirs)

    def wrap(self, x, spacing=None, writable=False, protocol=None):
        """x as an Array. spacing: mm of each axis, in the order of the shape; protocol: "dlpack" or
        "interface", otherwise the first of them that x has."""
        if protocol is None: protocol = "dlpack" if hasattr(x, "__dlpack__") else "interface"
        view = from_dlpack(x, self.stream) if protocol == "dlpack" else from_interface(x)
        if writable and view.read_only:
            if view.release: view.release()
            raise ValueError("the array is read-only")
        if view.stream is not None and view.stream != self.stream: self._wait_for(view.stream)
        return Array(self, view, x, spacing)

    def znorm(self, dst, src=None, nonzero=False):
        """dst = (src - mean) / sd, over what is not 0 with nonzero; src None: in place."""
        with self.wrap(dst, writable=True) as d:
            if src is None: return self.call("mv_cuda_znorm", d, d, byref(ZnormOpt(nonzero=nonzero)))
            with self.wrap(src) as s: self.call("mv_cuda_znorm", d, s, byref(ZnormOpt(nonzero=nonzero)))

    def resample_spacing(self, dst, src, old, new, interp="linear"):
        """dst = src with voxels of `new` mm; its shape: see resampled_shape."""
        with self.wrap(src, old) as s, self.wrap(dst, writable=True) as d:
            self.call("mv_cuda_resample_spacing", d, s, (c_double * 3)(*tuple(new)[::-1][:3]),
                      byref(ResampleOpt(interp=INTERP[interp])))

    @staticmethod
    def resampled_shape(shape, old, new):
        return tuple(max(1, math.floor(n * a / b + 0.5)) for n, a, b in zip(shape, old, new))

    def close(self):
        """Before its stream is destroyed."""
        if self._ctx is not None: self._library.mv_cuda_ctx_free(self._ctx)
        self._ctx = None

    __del__ = close
