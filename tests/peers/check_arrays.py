"""check_arrays.py TOOL DIR [FOLDER]: .npy files of NumPy's writer, every type, byte order, order of axes and
version, through TOOL (arrays_tool.c) and back: the values, and byte for byte what numpy.save writes. With
FOLDER the .cfl and .npy files in it, too."""
import glob
import io
import subprocess
import sys

import numpy as np

tool, scratch = sys.argv[1:3]
count = failed = 0


def check(name, path, want, text=None):
    """want: the array, its fastest axis last"""
    global count, failed
    count += 1
    out = scratch + "/out.npy"
    run = subprocess.run([tool, path, out], capture_output=True, text=True)
    good = run.returncode == 0 and (text is None or run.stdout == text)
    if good:
        got = np.load(out)
        again = io.BytesIO()
        np.save(again, got)
        good = again.getvalue() == open(out, "rb").read() and got.size == want.size
        plain = np.ascontiguousarray(want).astype(want.dtype.newbyteorder("="))
        good = good and got.dtype == plain.dtype and got.tobytes() == plain.tobytes()
        good = good and (not 1 <= want.ndim <= 7 or got.shape == want.shape)
    if not good:
        failed += 1
        print("FAILED", name, run.stdout, run.stderr)


def cfl(stem):
    lines = open(stem + ".hdr").read().split("\n")
    shape = [int(n) for n in lines[lines.index("# Dimensions") + 1].split()]
    while len(shape) > 1 and shape[-1] == 1:
        shape.pop()
    return np.fromfile(stem + ".cfl", "<c8").reshape(shape, order="F").T


numbers = np.random.default_rng(1)
types = ["|u1", "|i1", "|b1"] + [
    o + k for o in "<>" for k in "u2 i2 u4 i4 u8 i8 f2 f4 f8 c8 c16".split()
] + ["<f16", "<c32"]
shapes = [(), (1,), (5,), (3, 4), (2, 3, 4), (2, 1, 3, 1), (2, 1, 2, 1, 2, 1, 3), (123457,)]
shapes += [(1, 2, 1, 1, 2, 1, 2, 1, 3)]
for t in types:
    for shape in shapes:
        for order in "CF":
            for version in [(1, 0), (2, 0), (3, 0)]:
                a = np.asarray(np.array(numbers.standard_normal(shape) * 100).astype(t), order=order)
                path = scratch + "/in.npy"
                with open(path, "wb") as f:
                    np.lib.format.write_array(f, a, version=version)
                want = a.T if a.flags.f_contiguous and not a.flags.c_contiguous else a
                check((t, shape, order, version), path, want.astype("u1") if t == "|b1" else want)
for folder in sys.argv[3:]:
    for f in sorted(glob.glob(folder + "/*.npy")):
        a = np.load(f)
        check(f, f, a.T if a.flags.f_contiguous and not a.flags.c_contiguous else a)
    for f in sorted(glob.glob(folder + "/*.cfl")):
        a = cfl(f[:-4])
        for name in f[:-4], f, f[:-4] + ".hdr":
            check(name, name, a, "c64 " + " ".join(map(str, a.shape[::-1])) + "\n")
        run = subprocess.run([tool, f, scratch + "/out.cfl"])
        same = open(scratch + "/out.cfl", "rb").read() == open(f, "rb").read()
        if run.returncode or not same or cfl(scratch + "/out").shape != a.shape:
            failed += 1
            print("FAILED", f, "saved as .cfl")
print(f"{count} arrays, {failed} failed (NumPy {np.__version__})")
sys.exit(failed > 0)
