"""cuda_arrays_test.py - examples/cuda_arrays.py on arrays of nobody's: memory of the emulation of GPUs, shown by
both protocols. Needs Python alone; argument: the library (build/libmedvol_cuda_emulated.so)."""
import array
import ctypes
import gc
import math
import sys
from ctypes import byref, c_char_p, c_int64, c_size_t, c_void_p, py_object
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "examples"))
import cuda_arrays as ca

LIBRARY = sys.argv[1]
lib = ctypes.CDLL(LIBRARY)
lib.dev_alloc.restype = lib.dev_stream.restype = c_void_p
lib.dev_alloc.argtypes, lib.dev_free.argtypes = [c_size_t], [c_void_p]
lib.dev_put.argtypes, lib.dev_get.argtypes = [c_void_p, c_char_p, c_size_t], [c_void_p, c_void_p, c_size_t]
lib.dev_stream_wait.argtypes = lib.dev_stream_free.argtypes = [c_void_p]
lib.emu_report.restype = c_char_p
new_capsule = ctypes.pythonapi.PyCapsule_New
new_capsule.restype, new_capsule.argtypes = py_object, [c_void_p, c_char_p, c_void_p]
capsule_name = ctypes.pythonapi.PyCapsule_GetName
capsule_name.restype, capsule_name.argtypes = c_char_p, [py_object]

SIZE = {"f": 4, "h": 2, "d": 8}
TYPESTR = {"f": "<f4", "h": "<i2", "d": "<f8"}
CODE = {"f": (2, 32), "h": (0, 16), "d": (2, 64)}
passed = failed = 0


def check(ok, what):
    global passed, failed
    passed, failed = passed + bool(ok), failed + (not ok)
    if not ok: print(f"cuda_arrays_test.py: {what}")


def refused(kind, words, f, what):
    try:
        f()
    except kind as e:
        return check(words in str(e), f"{what}: says {e}")
    except Exception as e:
        return check(False, f"{what}: {type(e).__name__}: {e}")
    check(False, f"{what}: was taken")


class Fake:
    """An array on the device, (z, y, x), with `gap` elements behind each row and `offset` in front. The rest
    is what the protocols say of it."""

    def __init__(self, shape, values=None, kind="f", gap=0, offset=0):
        self.shape, self.kind, self.gap, self.offset = tuple(shape), kind, gap, offset
        row = shape[-1] + gap
        self.steps = [row * math.prod(shape[d + 1:-1]) for d in range(len(shape) - 1)] + [1]
        self.room = offset + row * math.prod(shape[:-1])
        self.block = lib.dev_alloc(self.room * SIZE[kind])
        self.put(values or [0] * math.prod(shape))
        self.interface, self.device, self.streams, self.deleted = {}, ca.CUDA, [], []
        self.versioned, self.major, self.flags, self.tensor, self.compact = True, 1, 0, {}, False
        self.producer = None  # its stream, which __dlpack__ waits for

    def __del__(self):
        lib.dev_free(self.block)

    def _places(self):
        rows, n = math.prod(self.shape[:-1]), self.shape[-1]
        return (self.offset + r * (n + self.gap) + i for r in range(rows) for i in range(n))

    def put(self, values):
        a = array.array(self.kind, [-99] * self.room)
        for at, v in zip(self._places(), values): a[at] = v
        assert lib.dev_put(self.block, a.tobytes(), len(a) * a.itemsize)

    def get(self):
        a = array.array(self.kind, [0] * self.room)
        assert lib.dev_get(a.buffer_info()[0], self.block, len(a) * a.itemsize)
        values = [a[at] for at in self._places()]
        between = set(range(self.room)).difference(self._places())
        check(all(a[i] == -99 for i in between), "between rows nothing is written")
        return values

    @property
    def __cuda_array_interface__(self):
        size = SIZE[self.kind]
        return {"shape": self.shape, "typestr": TYPESTR[self.kind], "version": 3,
                "data": (self.block + self.offset * size, False),
                "strides": tuple(s * size for s in self.steps) if self.gap else None, **self.interface}

    def __dlpack_device__(self):
        return self.device, 0

    def _capsule(self, stream, versioned):
        self.streams.append(stream)
        if self.producer: lib.dev_stream_wait(self.producer)
        n = len(self.shape)
        m = ca.ManagedVersioned() if versioned else ca.Managed()
        t = m.tensor
        t.data, t.device_type, t.ndim, t.lanes = self.block, self.device, n, 1
        t.code, t.bits = CODE[self.kind]
        t.byte_offset = self.offset * SIZE[self.kind]
        self.keep = (c_int64 * n)(*self.shape), (c_int64 * n)(*self.steps)
        t.shape = self.keep[0]
        if not self.compact: t.strides = self.keep[1]
        for name, value in self.tensor.items(): setattr(t, name, value)
        if versioned: m.major, m.minor, m.flags = self.major, 0, self.flags
        m.deleter = ca.DELETER(lambda p: self.deleted.append((p == ctypes.addressof(m), lib.emu_pending())))
        self.keep += (m,)
        self.name = b"dltensor_versioned" if versioned else b"dltensor"
        self.capsule = new_capsule(ctypes.addressof(m), self.name, None)
        return self.capsule

    def __dlpack__(self, *, stream=None, **more):
        if not self.versioned and more: raise TypeError("unexpected keyword")
        return self._capsule(stream, self.versioned and more.get("max_version", (0, 0)) >= (1, 0))


def close(a, b, far=2e-6):
    return len(a) == len(b) and all(abs(x - y) <= far * max(1, abs(y)) for x, y in zip(a, b))


def wave(n, turn=0.37):
    return array.array("f", [100 + 40 * math.sin(turn * i) + i % 7 for i in range(n)]).tolist()


def znormed(values):
    mean = math.fsum(values) / len(values)
    sd = math.sqrt(math.fsum((v - mean) ** 2 for v in values) / len(values))
    return [(v - mean) / sd for v in values]


def protocols(gpu, shape):
    values = wave(math.prod(shape))
    want = znormed(values)
    for gap, offset in ((0, 0), (3, 0), (0, 1), (5, 2)):
        for way in ("interface", "versioned", "old", "compact"):
            if way == "compact" and gap: continue
            what = f"z-norm in place, {way}, gap {gap}, offset {offset}"
            x = Fake(shape, values, gap=gap, offset=offset)
            x.versioned, x.compact = way != "old", way == "compact"
            with gpu.wrap(x, protocol="interface" if way == "interface" else "dlpack") as d:
                gpu.call("mv_cuda_znorm", d, d, None)
                check(not x.deleted, what + ": not given back while in use")
                # what still waits in the queue is done before the memory goes back
                if way != "interface": check(lib.emu_pending() > 0, what + ": something is in the queue")
            check(close(x.get(), want), what)
            check(x.deleted == ([] if way == "interface" else [(True, 0)]), f"{what}: given back {x.deleted}")
            if way == "interface": continue
            check(x.streams == [gpu.stream], f"{what}: streams {x.streams}")
            check(capsule_name(x.capsule) == b"used_" + x.name, f"{what}: {capsule_name(x.capsule)}")
    x = Fake(shape, values)
    y = Fake(shape, gap=2)
    gpu.znorm(y, x)
    check(close(y.get(), want) and x.get() == values, "z-norm elsewhere")
    gpu.znorm(x)
    check(close(x.get(), want) and len(x.deleted) == 2 and len(y.deleted) == 1, "z-norm in place")
    holes = [0 if i % 3 else v for i, v in enumerate(values)]
    x.put(holes)
    gpu.znorm(x, nonzero=True)
    kept = iter(znormed([v for v in holes if v]))
    check(close(x.get(), [next(kept) if v else 0 for v in holes]), "z-norm of what is not 0")


def on_host(values, shape, old, new, interp, out_shape):
    """The same by medvol.h, which the library holds too."""
    src, dst, opt = ca.Volume(), ca.Volume(), ca.ResampleOpt(interp=ca.INTERP[interp])
    out = array.array("f", [0] * math.prod(out_shape))
    given = array.array("f", values)
    for v, a, s in ((src, given, shape), (dst, out, out_shape)):
        n = len(s)
        dim = (c_size_t * n)(*s[::-1])
        lib.mv_volume_wrap(None, byref(v), c_void_p(a.buffer_info()[0]), 16, n, dim, None)
    for d, mm in enumerate(old[::-1]): src.affine[5 * d] = mm
    spacing = (ctypes.c_double * 3)(*new[::-1])
    status = lib.mv_resample_spacing(None, byref(dst), byref(src), spacing, byref(opt))
    check(status == 0, f"medvol.h: {status}")
    return out.tolist()


def resampling(gpu):
    shape, old, new = (6, 9, 11), (3.0, 1.5, 1.0), (1.0, 1.0, 1.25)
    out = gpu.resampled_shape(shape, old, new)
    values = wave(math.prod(shape))
    check(out == (18, 14, 9), f"the new shape, {out}")
    for interp in ca.INTERP:
        for gap in (0, 3):
            x, y = Fake(shape, values, gap=gap, offset=gap), Fake(out, gap=gap)
            gpu.resample_spacing(y, x, old, new, interp)
            want = on_host(values, shape, old, new, interp, out)
            check(close(y.get(), want, 1e-5), f"resampled, {interp}, gap {gap}")
    y = Fake((18, 14, 10))
    refused(ca.MedvolError, "dst is", lambda: gpu.resample_spacing(y, x, old, new), "another shape")
    check(len(x.deleted) == 2 and len(y.deleted) == 1, "given back after a refusal")


def streams(gpu):
    """An array that is still being written on another stream."""
    shape, theirs, ours = (4, 5, 6), lib.dev_stream(), lib.dev_stream()
    values = wave(math.prod(shape))
    want = znormed([2 * v + 3 for v in values])
    producer, consumer = ca.Gpu(LIBRARY, stream=theirs), ca.Gpu(LIBRARY, stream=ours)

    alive = []  # for freeing device memory waits for all streams

    def pending():
        x = Fake(shape, values)
        alive.append(x)
        with producer.wrap(x, protocol="interface") as d:
            producer.call("mv_cuda_linear", d, d, ctypes.c_double(2), ctypes.c_double(3))
        return x

    x = pending()
    with consumer.wrap(x, protocol="interface") as d:  # nobody says who writes: the race that is to be seen
        consumer.call("mv_cuda_znorm", d, d, None)
        consumer.sync()
    check(not close(x.get(), want), "without a stream nothing is waited for")
    x = pending()
    x.interface["stream"] = theirs
    with consumer.wrap(x, protocol="interface") as d: consumer.call("mv_cuda_znorm", d, d, None)
    check(lib.emu_pending() == 0, "memory of another stream goes back when ours is done")
    check(close(x.get(), want), "the stream of __cuda_array_interface__ is waited for")
    x = pending()
    x.producer = theirs
    consumer.znorm(x)
    check(close(x.get(), want) and x.streams == [ours], "__dlpack__ is told our stream")
    for s in (1, 2):
        x = Fake(shape, values)
        x.interface["stream"] = s
        gpu.wrap(x, protocol="interface").release()
        check(True, f"stream {s}")
    producer.close(), consumer.close()
    lib.dev_stream_free(theirs), lib.dev_stream_free(ours)


def refusals(gpu):
    x = Fake((3, 4, 5), wave(60))

    def interface(**entries):
        def f():
            x.interface = entries
            try:
                gpu.wrap(x, protocol="interface", writable=True)
            finally:
                x.interface = {}
        return f

    for kind, words, entries in (
            (ValueError, "whole elements", {"strides": (82, 20, 4)}),
            (ca.MedvolError, "stride", {"shape": (3, 4, 2), "strides": (80, 20, 8)}),
            (TypeError, "byte order", {"typestr": ">f4"}),
            (TypeError, "no type", {"typestr": "<M8"}),
            (TypeError, "masked", {"mask": x}),
            (ValueError, "stream 0", {"stream": 0}),
            (ValueError, "read-only", {"data": (x.block, True)}),
            (ValueError, "axes", {"shape": ()}),
            (ValueError, "axes", {"shape": (1,) * 8}),
            (ca.MedvolError, "", {"shape": (3, 0, 5)}),
            (ca.MedvolError, "", {"data": (0, False)}),
            (ca.MedvolError, "", {"data": (x.block + 2, False)}),
            (ca.MedvolError, "", {"data": (id(x), False)})):
        refused(kind, words, interface(**entries), f"__cuda_array_interface__ with {entries}")

    def pack(device=ca.CUDA, major=1, flags=0, versioned=True, **tensor):
        def f():
            x.device, x.major, x.flags, x.versioned, x.tensor = device, major, flags, versioned, tensor
            try:
                gpu.wrap(x, protocol="dlpack", writable=True)
            finally:
                x.device, x.major, x.flags, x.versioned, x.tensor = ca.CUDA, 1, 0, True, {}
        return f

    skip = (c_int64 * 3)(40, 10, 2)
    for kind, words, how in (
            (TypeError, "device type 1", {"device": 1}),
            (TypeError, "device type 3", {"device": 3}),
            (TypeError, "2.0", {"major": 2}),
            (ValueError, "read-only", {"flags": 1}),
            (TypeError, "lanes", {"lanes": 4}),
            (TypeError, "code", {"code": 3}),
            (TypeError, "bits", {"bits": 4, "code": 1}),
            (TypeError, "no type", {"bits": 128, "code": 2}),
            (ValueError, "axes", {"ndim": 0}),
            (ca.MedvolError, "stride", {"strides": skip}),
            (ca.MedvolError, "stride", {"strides": skip, "versioned": False}),
            (ca.MedvolError, "", {"data": None})):
        del x.deleted[:]
        refused(kind, words, pack(**how), f"DLPack with {how}")
        wanted = 0 if "device" in how else 1
        check(len(x.deleted) == wanted, f"DLPack with {how}: given back {len(x.deleted)} times")

    class Used:
        __dlpack_device__ = x.__dlpack_device__

        def __dlpack__(self, **_):
            return new_capsule(x.block, b"used_dltensor", None)

    refused(TypeError, "capsule", lambda: gpu.wrap(Used()), "a capsule that was taken already")
    refused(AttributeError, "", lambda: gpu.wrap([1, 2, 3]), "a list")
    refused(ca.MedvolError, "", lambda: ca.Gpu(LIBRARY, device=7), "device 7")
    y = Fake((3, 4, 5), [i * 100 % 777 for i in range(60)], "h")
    with gpu.wrap(y) as d:
        try:
            gpu.call("mv_cuda_clamp", d, d, ctypes.c_double(100), ctypes.c_double(500))
        finally:
            gpu.sync()
    check(y.get() == [min(max(i * 100 % 777, 100), 500) for i in range(60)], "int16 in place")
    z = Fake((3, 4, 5), wave(60), "d")
    gpu.znorm(z)
    check(close(z.get(), znormed(wave(60)), 1e-9), "float64 in place")
    check(close(x.get(), wave(60), 0), "what was refused is as it was")


def main():
    gpu = ca.Gpu(LIBRARY)
    protocols(gpu, (7, 6, 9))
    protocols(gpu, (3, 37))
    resampling(gpu)
    streams(gpu)
    refusals(gpu)
    gpu.sync()
    del gpu
    gc.collect()
    for i in range(lib.emu_reports()): check(False, lib.emu_report(i).decode())
    check(lib.emu_leaks() == 0, f"{lib.emu_leaks()} things are not released")
    print(f"{passed} passed, {failed} failed")
    return failed > 0


sys.exit(main())
