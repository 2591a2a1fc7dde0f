#!/usr/bin/env python3
"""Files against nibabel and the NIfTI C library, both ways.

Every voxel type x byte order x version x (nii, nii.gz, pair, pair gz) is written by nibabel and read by
medvol: the same voxels bit for bit, the same affine, and with the scaling applied the same real values.
Then medvol writes each in every version, byte order, form and gzip container; nibabel and (where installed)
nifti_tool must read what went in. Needs nibabel, numpy; nifti_tool when there.
check_nibabel.py TOOL [more.nii.gz ...]        TOOL: convert_tool.c
"""
import itertools, os, shutil, subprocess, sys, tempfile
import numpy as np
import nibabel as nib

TMP = tempfile.mkdtemp(prefix="mv_peers_")
checks = failures = 0


def check(ok, what):
    global checks, failures
    checks += 1
    if not ok:
        failures += 1
        print("FAIL", what)


tool = subprocess.Popen([sys.argv[1]], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def ask(*words):
    tool.stdin.write(" ".join(map(str, words)) + "\n")
    tool.stdin.flush()
    w = tool.stdout.readline().split()
    if w[0] != "ok":
        return {"error": " ".join(w)}
    n = int(w[2])
    return {
        "type": w[1],
        "shape": tuple(map(int, w[3:3 + n])),
        "affine": np.array(w[3 + n:15 + n], float).reshape(3, 4),
        "slope": float(w[15 + n]),
        "inter": float(w[16 + n]),
        "warnings": int(w[17 + n]),
    }


RGB = np.dtype([("R", "u1"), ("G", "u1"), ("B", "u1")])
RGBA = np.dtype([("R", "u1"), ("G", "u1"), ("B", "u1"), ("A", "u1")])
TYPES = {"u8": "u1", "i8": "i1", "u16": "u2", "i16": "i2", "u32": "u4", "i32": "i4", "u64": "u8", "i64": "i8",
         "f32": "f4", "f64": "f8", "c64": "c8", "c128": "c16", "rgb24": RGB, "rgba32": RGBA}
# f128 and c256 only where the machine's long double is IEEE binary128: elsewhere nibabel refuses them
if np.finfo(np.longdouble).nmant == 112:
    TYPES.update(f128=np.longdouble, c256=np.clongdouble)
CLASSES = {(1, 0): nib.Nifti1Image, (1, 1): nib.Nifti1Pair, (2, 0): nib.Nifti2Image, (2, 1): nib.Nifti2Pair}
FORMS = [("nii", 0), ("nii.gz", 0), ("hdr", 1), ("hdr.gz", 1)]
rng = np.random.default_rng(1)
AFFINE = np.array([[-1.9, 0.1, 0.3, 90], [0.2, 1.4, -0.8, -126], [0.25, 0.5, 2.3, -72], [0, 0, 0, 1]])
SHAPE = (17, 13, 11, 3)


def noise(dtype):
    dtype = np.dtype(dtype)
    if dtype.kind in "fc":
        return (rng.normal(size=SHAPE) * 100).astype(dtype) if dtype.kind == "f" else \
            (rng.normal(size=SHAPE) + 1j * rng.normal(size=SHAPE)).astype(dtype)
    raw = rng.integers(0, 256, size=int(np.prod(SHAPE)) * dtype.itemsize, dtype=np.uint8)
    return raw.view(dtype).reshape(SHAPE)


def same(a, b):
    """Voxels bit for bit; the unused bytes of x87 numbers are nobody's."""
    a, b = np.asarray(a), np.asarray(b)
    if a.shape != b.shape:
        return False
    if a.dtype.kind in "fc" and a.dtype.itemsize >= 16 and a.dtype != np.complex128:
        return np.array_equal(a, b)
    return np.asfortranarray(a).tobytes("F") == np.asfortranarray(b.astype(a.dtype)).tobytes("F")


def raw(path, dtype, shape):
    return np.fromfile(path, dtype=dtype).reshape(shape, order="F")


def dataobj(img):
    return np.asarray(img.dataobj.get_unscaled())


nifti_tool = shutil.which("nifti_tool")
read = written = clib = 0
for name, dtype in TYPES.items():
    data = noise(dtype)
    for big, version, (ext, pair) in itertools.product((0, 1), (1, 2), FORMS):
        label = f"{name} {'big' if big else 'little'} v{version} {ext}"
        header = CLASSES[version, pair].header_class(endianness="><"[1 - big])
        header.set_data_dtype(np.dtype(dtype))
        img = CLASSES[version, pair](data, AFFINE, header)
        img.header["descrip"] = b"peer check"
        img.header.set_xyzt_units("mm", "sec")
        if np.dtype(dtype).kind in "iu":
            img.header.set_slope_inter(0.5, -3)
        path = f"{TMP}/n_{name}_{big}{version}{pair}.{ext}"
        with np.errstate(all="ignore"):
            nib.save(img, path)
        img = nib.load(path)
        stored = dataobj(img)
        got = ask("load", path, TMP + "/raw")
        read += 1
        if "error" in got:
            check(False, label + ": " + got["error"])
            continue
        check(got["type"] == name and got["shape"] == SHAPE and got["warnings"] == 0, label + f": {got}")
        check(same(stored.astype(np.dtype(dtype)), raw(TMP + "/raw", dtype, SHAPE)), label + ": voxels")
        check(np.abs(got["affine"] - img.affine[:3]).max() < 1e-6, label + ": affine")
        got = ask("crop", path, TMP + "/raw", 3, 2, 1, 9, 8, 7)
        check(
            same(stored.astype(np.dtype(dtype))[3:12, 2:10, 1:8], raw(TMP + "/raw", dtype, (9, 8, 7, 3))),
            label + ": crop",
        )
        if np.dtype(dtype).kind in "iuf" and np.dtype(dtype).itemsize <= 8:
            got = ask("float", path, TMP + "/raw")
            want = np.asarray(img.dataobj)
            have = raw(TMP + "/raw", "f4", SHAPE)
            check(np.allclose(have, want.astype(np.float64), rtol=6e-8, atol=0), label + ": as float")
        if not path.endswith("gz") and (not big or name in ("u8", "i8", "rgb24", "rgba32")):
            got = ask("map", path, TMP + "/raw")
            check(
                "error" not in got and same(stored.astype(np.dtype(dtype)), raw(TMP + "/raw", dtype, SHAPE)),
                label + ": map",
            )
        if pair or ext != "nii" or version == 2:
            continue
        # and out again, in every form
        for obig, oversion, (oext, opair), container in itertools.product((0, 1), (1, 2), FORMS, (0, 1, 3)):
            if container and not oext.endswith("gz"):
                continue
            out = f"{TMP}/m.{oext}"
            olabel = label + f" -> {'big' if obig else 'little'} v{oversion} {oext} container {container}"
            got = ask("save", path, out, oversion, obig, container, 0)
            written += 1
            if "error" in got:
                check(False, olabel + ": " + got["error"])
                continue
            back = nib.load(out)
            check(type(back) is CLASSES[oversion, opair], olabel + ": kind " + type(back).__name__)
            check(
                same(stored.astype(np.dtype(dtype)), dataobj(back).astype(np.dtype(dtype))),
                olabel + ": nibabel voxels",
            )
            check(np.abs(back.affine - img.affine).max() < 1e-6, olabel + ": nibabel affine")
            check(
                back.header["descrip"] == img.header["descrip"]
                and back.header["pixdim"].tolist() == img.header["pixdim"].tolist()
                and back.header["qform_code"] == img.header["qform_code"]
                and back.header["sform_code"] == img.header["sform_code"],
                olabel + ": header",
            )
            if np.dtype(dtype).kind in "iu":
                check(back.dataobj.slope == 0.5 and back.dataobj.inter == -3, olabel + ": scaling")
            if nifti_tool:
                copy = f"{TMP}/c.nii"
                if os.path.exists(copy):
                    os.remove(copy)
                run = subprocess.run(
                    [nifti_tool, "-copy_im", "-prefix", copy, "-infiles", out], capture_output=True, text=True
                )
                clib += 1
                if not os.path.exists(copy):
                    check(False, olabel + ": nifti_tool " + run.stderr[-200:])
                    continue
                c = nib.load(copy)
                check(
                    same(stored.astype(np.dtype(dtype)), dataobj(c).astype(np.dtype(dtype))),
                    olabel + ": NIfTI C library, voxels",
                )
                check(np.abs(c.affine - img.affine).max() < 1e-5, olabel + ": NIfTI C library, affine")

# real files: read alike, and again after a save
for path in sys.argv[2:]:
    img = nib.load(path)
    stored = dataobj(img)
    got = ask("load", path, TMP + "/raw")
    check(
        "error" not in got and same(stored, raw(TMP + "/raw", stored.dtype.newbyteorder("="), stored.shape)),
        path + ": voxels",
    )
    check(np.abs(got["affine"] - img.affine[:3]).max() < 1e-6, path + ": affine")
    for ext, container in (("nii", 0), ("nii.gz", 0), ("nii.gz", 1), ("nii.gz", 3), ("hdr", 0)):
        out = f"{TMP}/r.{ext}"
        ask("save", path, out, 0, 0, container, 0)
        back = nib.load(out)
        check(
            same(stored, dataobj(back)) and np.abs(back.affine - img.affine).max() < 1e-6,
            f"{path} -> {ext} {container}",
        )
        check(
            [e.get_content() for e in back.header.extensions]
            == [e.get_content() for e in img.header.extensions],
            path + ": extensions",
        )
        different = [
            k
            for k in img.header.keys()
            if k not in ("magic", "scl_slope", "scl_inter", "vox_offset")
            and img.header[k].tobytes() != back.header[k].tobytes()
        ]
        check(not different, f"{path} -> {ext}: header fields {different}")

tool.stdin.close()
tool.wait()
shutil.rmtree(TMP)
print(f"{read} files of nibabel {nib.__version__} read, {written} written, {clib} of them read by nifti_tool")
print(f"{checks - failures} passed, {failures} failed")
sys.exit(failures > 0)
