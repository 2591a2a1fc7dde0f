"""reg_methods.py - what registration.py compares: medvol and peers, each run in a process of its own.

    reg_methods.py JOB.json        (registration.py calls it)

A job names a method, a setting, a number of threads and the folder of a pair: fixed, moving and, where a
part of the fixed image is missing, seen, as .npy and as MetaImage. What the method finds goes there, too:
found.npy, the displacement (3, z, y, x) or (2, 1, y, x) in voxels or a 4 x 4 matrix in voxels, or found.raw
(z, y, x, 3) or (y, x, 2) in mm. done.json has the seconds of CPU (all threads, all processes) and of wall
time, and the peak of memory, of the whole process, Python and both images included.

The clock runs from images in memory to a displacement at every voxel (R1: to the parameters); pyramids and
initialisation are in. elastix and plastimatch are programs: what they take to start, read and write,
measured by a run that does next to nothing, is subtracted. ANTs' time has its temporary files in it. Images
have spacing, but no origin and no rotation, so that voxel axes are world axes for everybody.

A further method is one entry of METHODS: it is left out where it cannot be had. Settings go from the cheapest
up; `usual` of them are run without --full."""
from __future__ import annotations

import importlib.util
import json
import os
import resource
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Callable


class Clock:
    """Adds up CPU and wall time of what is done under it, in this process and in those it has waited for."""

    def __init__(self) -> None:
        self.cpu = self.wall = 0.0
        self.peak = 0.0  # MiB of programs

    @staticmethod
    def used() -> float:
        both = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
        return sum(r.ru_utime + r.ru_stime for r in both)

    def __enter__(self) -> None:
        self.start = self.used(), time.perf_counter()

    def __exit__(self, *error: Any) -> None:
        self.cpu += self.used() - self.start[0]
        self.wall += time.perf_counter() - self.start[1]

    def program(self, *command: Any) -> None:
        """A program to its end; its peak of memory, which wait4 tells."""
        log = open(os.devnull, "w")
        with self:
            p = subprocess.Popen([str(c) for c in command], stdout=log, stderr=log)
            _, status, used = os.wait4(p.pid, 0)
        p.returncode = os.waitstatus_to_exitcode(status)
        self.peak = max(self.peak, used.ru_maxrss / 1024)
        if p.returncode: raise RuntimeError(f"{command[0]} ended with {p.returncode}")


@dataclass
class Job:
    method: str
    setting: dict
    folder: Path
    threads: int
    task: str
    model: str       # R1: rigid or affine
    inverted: bool
    missing: bool
    size: int
    dims: int
    spacing: float
    clock: Clock = field(default_factory=Clock)

    def image(self, name: str) -> Any:
        import numpy as np
        return np.load(self.folder / f"{name}.npy")


# ---- medvol ----
def medvol_declares(name: str) -> Callable[[], bool]:
    def ask() -> bool:
        import medvol
        return name in medvol.PROTOTYPES
    return ask


def medvol_images(job: Job) -> tuple[Any, Any, Any, dict]:
    import medvol
    import numpy as np
    affine = np.diag([job.spacing] * 3 + [1.0])
    options = dict(job.setting)
    if job.missing: options["fixed_mask"] = job.image("seen")
    return (medvol.Context(threads=job.threads), medvol.Volume(job.image("fixed"), affine),
            medvol.Volume(job.image("moving"), affine), options)


def medvol_affine(job: Job) -> Any:
    import numpy as np
    ctx, fixed, moving, options = medvol_images(job)
    options = {"metric": "mi" if job.inverted else "ncc", **options}
    with job.clock: a = ctx.register_affine(fixed, moving, model=job.model, **options)
    scale = np.diag([job.spacing] * 3 + [1.0])
    return np.linalg.inv(scale) @ a @ scale


def medvol_search(job: Job) -> Any:
    """By trying, then by local correlation."""
    ctx, fixed, moving, options = medvol_images(job)
    with job.clock:
        wide = ctx.register("search", fixed, moving, **options)
        fine = ctx.register("lncc", fixed, ctx.warp(moving, fixed, wide), **options)
        u = ctx.transform_field(fixed, [fine, wide])
    return u.array[:, 0] / job.spacing


def medvol_field(method: str, of_coefficients: bool = False) -> Callable[[Job], Any]:
    def run(job: Job) -> Any:
        ctx, fixed, moving, options = medvol_images(job)
        with job.clock:
            u = ctx.register(method, fixed, moving, **options)
            if of_coefficients: u = ctx.transform_field(fixed, ("bspline", u))
        return u.array[:, 0] / job.spacing
    return run


# ---- elastix: the program, and itk-elastix in this process ----
def elastix_parameters(job: Job) -> dict[str, Any]:
    o = job.setting
    p = {"Registration": "MultiResolutionRegistration", "FixedInternalImagePixelType": "float",
         "MovingInternalImagePixelType": "float", "FixedImageDimension": job.dims,
         "MovingImageDimension": job.dims,
         "UseDirectionCosines": "true", "FixedImagePyramid": "FixedSmoothingImagePyramid",
         "MovingImagePyramid": "MovingSmoothingImagePyramid", "NumberOfResolutions": o.get("levels", 4),
         "Optimizer": "AdaptiveStochasticGradientDescent", "MaximumNumberOfIterations": o["iterations"],
         "ImageSampler": "RandomCoordinate", "NumberOfSpatialSamples": o["samples"], "RandomSeed": 1,
         "NewSamplesEveryIteration": "true", "WriteResultImage": "false", "HowToCombineTransforms": "Compose",
         "Resampler": "DefaultResampler", "ResampleInterpolator": "FinalBSplineInterpolator",
         "Interpolator": "BSplineInterpolator" if o.get("order") == 3 else "LinearInterpolator",
         "NumberOfHistogramBins": 32, "CheckNumberOfSamples": "false", "MaximumNumberOfSamplingAttempts": 8}
    metric = {"D1": "AdvancedMeanSquares", "B1": "AdvancedMeanSquares",
              "D3": "AdvancedMattesMutualInformation"}.get(job.task, "AdvancedNormalizedCorrelation")
    p["Metric"] = "AdvancedMattesMutualInformation" if job.inverted else metric
    if o.get("order") == 3: p["BSplineInterpolationOrder"] = 3
    if "null" in o:
        p.update(Transform="TranslationTransform", AutomaticTransformInitialization="false")
    elif job.task == "R1":
        p.update(Transform={"rigid": "EulerTransform"}.get(job.model, "AffineTransform"),
                 AutomaticScalesEstimation="true", AutomaticTransformInitialization="true",
                 AutomaticTransformInitializationMethod="GeometricalCenter")
    else:
        p.update(Transform="BSplineTransform", BSplineTransformSplineOrder=3,
                 FinalGridSpacingInVoxels=o["voxels"] if "voxels" in o else max(4, job.size / o["grid"]))
        if "alpha" in o: p.update(SP_alpha=o["alpha"], SP_A=o["A"])
    return p


def elastix_program(job: Job) -> Path:
    lines = []
    for key, v in elastix_parameters(job).items():
        lines.append(f'({key} "{v}")' if isinstance(v, str) else f"({key} {v})")
    out = job.folder / "elastix"
    out.mkdir(exist_ok=True)
    (out / "p.txt").write_text("\n".join(lines) + "\n")
    masks = ["-fMask", job.folder / "seen.mhd"] if job.missing else []
    job.clock.program("elastix", "-f", job.folder / "fixed.mhd", "-m", job.folder / "moving.mhd", *masks,
                      "-p", out / "p.txt", "-out", out, "-threads", job.threads)
    text = (out / "TransformParameters.0.txt").read_text()
    for line in ('(ResultImageFormat "nii")', '(ResultImageFormat "mhd")'): text = text.replace(line, "")
    (out / "t.txt").write_text(text + '\n(ResultImageFormat "mhd")\n')
    export = Clock() if job.task == "R1" else job.clock  # R1: parameters are enough
    if job.task != "R1" or "null" not in job.setting:
        export.program("transformix", "-def", "all", "-tp", out / "t.txt", "-out", out, "-threads",
                       job.threads)
    return out / "deformationField.raw"


def elastix_module(job: Job) -> Any:
    import itk
    import numpy as np
    images = []
    for name in ("fixed", "moving"):
        images.append(itk.GetImageFromArray(job.image(name)))
        images[-1].SetSpacing([job.spacing] * 3)
    options = {}
    if job.missing:
        options["fixed_mask"] = itk.GetImageFromArray(job.image("seen"))
        options["fixed_mask"].SetSpacing([job.spacing] * 3)
    p = itk.ParameterObject.New()
    p.AddParameterMap({key: (str(v),) for key, v in elastix_parameters(job).items()})
    with job.clock:
        _, found = itk.elastix_registration_method(*images, parameter_object=p, number_of_threads=job.threads,
                                                   log_to_console=False, **options)
        if job.task != "R1": u = itk.transformix_deformation_field(images[1], found)
    if job.task == "R1": u = itk.transformix_deformation_field(images[1], found)
    return np.moveaxis(itk.array_from_image(u), -1, 0) / job.spacing


# ---- plastimatch ----
def plastimatch(job: Job) -> Path:
    o = job.setting
    lines = ["[GLOBAL]", "fixed=fixed.mhd", "moving=moving.mhd", "vf_out=found.mhd"]
    if job.missing: lines.append("fixed_roi=seen.mhd")
    for shrink, count in zip((4, 2, 1), o["iterations"]):
        lines += ["[STAGE]", f"metric={'mi' if job.inverted else 'mse'}"]
        if "null" in o:
            lines += ["xform=translation", "optim=rsg"]
        else:
            spacing = o["voxels"] * shrink * job.spacing
            lines += ["xform=bspline", "optim=lbfgsb", "impl=plastimatch", "threading=openmp",
                      f"grid_spac={spacing:g} {spacing:g} {spacing:g}"]
        lines += [f"res={shrink} {shrink} {shrink}", f"max_its={count}"]
    (job.folder / "p.txt").write_text("\n".join(lines) + "\n")
    job.clock.program("plastimatch", "register", job.folder / "p.txt")
    return job.folder / "found.raw"


# ---- OpenCV: planes of 8 bits ----
def opencv_dis(job: Job) -> Any:
    import cv2
    import numpy as np
    cv2.setNumThreads(job.threads)
    fixed, moving = (np.ascontiguousarray(job.image(name)[0]) for name in ("fixed", "moving"))
    o = dict(job.setting)
    with job.clock:
        dis = cv2.DISOpticalFlow.create(getattr(cv2, f"DISOPTICAL_FLOW_PRESET_{o.pop('preset')}"))
        for key, value in o.items(): getattr(dis, "set" + key)(value)
        u = dis.calc(fixed, moving, None)
    return np.moveaxis(u, -1, 0)[:, None]


def opencv_farneback(job: Job) -> Any:
    import cv2
    import numpy as np
    cv2.setNumThreads(job.threads)
    fixed, moving = (np.ascontiguousarray(job.image(name)[0]) for name in ("fixed", "moving"))
    levels = next(k for k in range(1, 12) if job.size >> k <= 32)
    with job.clock:
        u = cv2.calcOpticalFlowFarneback(fixed, moving, None, 0.5, levels, flags=0, **job.setting)
    return np.moveaxis(u, -1, 0)[:, None]


def opencv_tvl1(job: Job) -> Any:
    import cv2
    import numpy as np
    cv2.setNumThreads(job.threads)
    fixed, moving = (np.ascontiguousarray(job.image(name)[0]) for name in ("fixed", "moving"))
    with job.clock:
        method = cv2.optflow.DualTVL1OpticalFlow_create()
        for key, value in job.setting.items(): getattr(method, "set" + key)(value)
        u = method.calc(fixed, moving, None)
    return np.moveaxis(u, -1, 0)[:, None]


# ---- SimpleITK ----
def sitk_images(job: Job) -> tuple[Any, Any, Any]:
    import SimpleITK as sitk
    sitk.ProcessObject.SetGlobalDefaultNumberOfThreads(job.threads)
    images = []
    for name in ("fixed", "moving"):
        images.append(sitk.GetImageFromArray(job.image(name)))
        images[-1].SetSpacing([job.spacing] * 3)
    return (sitk, *images)


def sitk_demons(name: str) -> Callable[[Job], Any]:
    def run(job: Job) -> Any:
        import numpy as np
        sitk, fixed, moving = sitk_images(job)
        with job.clock:
            u = None
            for shrink, iterations in zip((4, 2, 1), job.setting["iterations"]):
                pair = []
                for image in (fixed, moving):
                    if shrink > 1:
                        sigma = 0.5 * job.spacing * (shrink ** 2 - 1) ** 0.5
                        image = sitk.Shrink(sitk.SmoothingRecursiveGaussian(image, sigma), [shrink] * 3)
                    pair.append(image)
                f = getattr(sitk, name)()
                f.SetNumberOfIterations(iterations)
                f.SetSmoothDisplacementField(True)
                f.SetStandardDeviations(job.setting["sigma"])
                if u is not None: pair.append(sitk.Resample(u, pair[0], sitk.Transform(), sitk.sitkLinear))
                u = f.Execute(*pair)
            if u.GetSize() != fixed.GetSize(): u = sitk.Resample(u, fixed, sitk.Transform(), sitk.sitkLinear)
        return np.moveaxis(sitk.GetArrayFromImage(u), -1, 0) / job.spacing
    return run


def sitk_linear(job: Job) -> Any:
    import numpy as np
    sitk, fixed, moving = sitk_images(job)
    start = sitk.Euler3DTransform() if job.model == "rigid" else sitk.AffineTransform(3)
    with job.clock:
        r = sitk.ImageRegistrationMethod()
        if job.inverted: r.SetMetricAsMattesMutualInformation(32)
        else: r.SetMetricAsCorrelation()
        r.SetMetricSamplingStrategy(r.RANDOM)
        r.SetMetricSamplingPercentage(job.setting["share"], 1)
        r.SetInterpolator(sitk.sitkLinear)
        r.SetOptimizerAsRegularStepGradientDescent(1.0, 1e-4, job.setting["iterations"])
        r.SetOptimizerScalesFromPhysicalShift()
        r.SetShrinkFactorsPerLevel([4, 2, 1])
        r.SetSmoothingSigmasPerLevel([2, 1, 0])
        if job.missing:
            seen = sitk.GetImageFromArray(job.image("seen"))
            seen.CopyInformation(fixed)
            r.SetMetricFixedMask(seen)
        r.SetInitialTransform(sitk.CenteredTransformInitializer(
            fixed, moving, start, sitk.CenteredTransformInitializerFilter.GEOMETRY), True)
        t = r.Execute(fixed, moving)
    u = sitk.TransformToDisplacementField(t, sitk.sitkVectorFloat64, fixed.GetSize(), fixed.GetOrigin(),
                                          fixed.GetSpacing(), fixed.GetDirection())
    return np.moveaxis(sitk.GetArrayFromImage(u), -1, 0) / job.spacing


# ---- greedy (picsl-greedy) ----
def greedy(job: Job) -> Any:
    import numpy as np
    from picsl_greedy import Greedy3D
    sitk, fixed, moving = sitk_images(job)
    o = job.setting
    metric = o.get("metric") or ("NMI" if job.inverted else "NCC 4x4x4")
    images = {"fix": fixed, "mov": moving, "found": None}
    command = f"-threads {job.threads} -float -d 3 -m {metric} -i fix mov -n {o['iterations']} -o found"
    if job.missing:
        images["gm"] = sitk.GetImageFromArray(job.image("seen"))
        images["gm"].CopyInformation(fixed)
        command += " -gm gm"
    if job.task == "R1":
        command += f" -a -dof {6 if job.model == 'rigid' else 12} -ia-image-centers {o.get('search', '')}"
    else:
        command += " -s 1.732vox 0.707vox"
    g = Greedy3D()
    with job.clock: g.execute(command, **images)
    if job.task != "R1": return np.moveaxis(sitk.GetArrayFromImage(g["found"]), -1, 0) / job.spacing
    flip = np.diag([-1.0, -1, 1, 1])  # its matrices are RAS+, images LPS+
    scale = np.diag([job.spacing] * 3 + [1.0])
    return np.linalg.inv(scale) @ flip @ np.asarray(g["found"]) @ flip @ scale


# ---- ANTs (antspyx) ----
def ants_run(job: Job) -> Any:
    import ants
    import numpy as np
    spacing = (job.spacing,) * 3
    def load(name): return ants.from_numpy(job.image(name).astype("f4").T.copy(), spacing=spacing)
    fixed, moving = load("fixed"), load("moving")
    o, options = job.setting, {}
    if job.missing: options["mask"] = load("seen")
    if job.task == "R1":
        options.update(type_of_transform=job.model.capitalize(), aff_metric="mattes",
                       aff_iterations=o["iterations"], aff_shrink_factors=(6, 4, 2, 1),
                       aff_smoothing_sigmas=(3, 2, 1, 0), aff_random_sampling_rate=o["share"])
    else:
        metric = {"syn_metric": "CC", "syn_sampling": 2}  # for D1, too: with squares it does far worse
        if job.task == "D3": metric = {"syn_metric": "mattes", "syn_sampling": 32}
        options.update(type_of_transform="SyNOnly", reg_iterations=o["iterations"], grad_step=0.2,
                       flow_sigma=3, total_sigma=0, **metric)
    with job.clock:
        found = ants.registration(fixed, moving, outprefix=str(job.folder / "ants"), random_seed=1, **options)
    path = ants.apply_transforms(fixed, moving, found["fwdtransforms"], compose=str(job.folder / "antsall"))
    u = ants.image_read(path).numpy()  # x, y, z, component
    return u.T / job.spacing


# ---- the table ----
def is_there(*modules: str) -> Callable[[], bool]:
    return lambda: all(importlib.util.find_spec(m) for m in modules)


def programs(*names: str) -> Callable[[], bool]:
    return lambda: all(shutil.which(n) for n in names)


@dataclass
class Method:
    name: str
    tasks: str
    run: Callable[[Job], Any]
    settings: list[dict]
    usual: tuple[int, ...] = (0,)
    needs: Callable[[], bool] = lambda: True
    null: dict | None = None  # the setting of the run whose time is subtracted

    @property
    def ours(self) -> bool:
        return self.name.startswith("medvol")


def has_tvl1() -> bool:
    import cv2
    return hasattr(getattr(cv2, "optflow", None), "DualTVL1OpticalFlow_create")


def sweep(key: str, values: list[Any], **rest: Any) -> list[dict]:
    return [{key: v, **rest} for v in values]


def spaced(settings: list[dict], voxels: int) -> list[dict]:
    return [{**s, "voxels": voxels} for s in settings]


GRID = [{"iterations": i, "samples": s, "grid": 16} for i, s in
        ((60, 2000), (125, 2000), (250, 3000), (500, 5000), (1000, 5000), (2000, 5000), (2000, 20000))]
SEED = [{"iterations": i, "samples": 5000, "grid": 8, "order": 3, "alpha": 0.6, "A": 50.0}
        for i in (30, 60, 125, 250, 500, 1000)]
LINEAR = [{"iterations": i, "samples": s} for i, s in
          ((60, 2000), (125, 2000), (250, 2048), (500, 3000), (1000, 5000), (2000, 10000))]
NULL = {"null": 1, "iterations": 1, "samples": 2000, "levels": 1}
DENSE = ["20x10x2", "40x20x5", "100x50x20", "100x100x50", "200x200x100", "400x300x200"]
SCALES = [(10, 5, 2), (20, 10, 5), (50, 25, 10), (100, 50, 20), (200, 100, 50), (400, 200, 100)]
DEMONS = sweep("iterations", SCALES, sigma=1.5) + sweep("iterations", SCALES[3:], sigma=1.0)
SYN = [(40, 20, 10, 2), (40, 20, 20, 5), (100, 70, 50, 10), (100, 70, 50, 20), (100, 100, 100, 50),
       (200, 200, 200, 100)]
HAS_ANTS, HAS_SITK = is_there("ants"), is_there("SimpleITK")
LAGRANGE = sweep("iterations", [(10, 10, 5), (20, 20, 10), (50, 50, 20), (100, 50, 30), (200, 100, 50),
                                (400, 200, 100)])
FULL = {"preset": "MEDIUM", "FinestScale": 0}
DIS = [{"preset": "ULTRAFAST"}, {"preset": "FAST"}, {"preset": "MEDIUM"}, FULL,
       {**FULL, "GradientDescentIterations": 25, "PatchStride": 3},
       {**FULL, "GradientDescentIterations": 25, "PatchStride": 3, "VariationalRefinementIterations": 10}]
EXPANSIONS = [{"winsize": w, "iterations": i, "poly_n": n, "poly_sigma": g} for w, i, n, g in
              ((15, 1, 5, 1.1), (15, 3, 5, 1.1), (15, 3, 7, 1.5), (25, 3, 5, 1.1), (25, 5, 7, 1.5),
               (35, 10, 7, 1.5))]
HAS_CV, HAS_TVL1 = is_there("cv2"), lambda: is_there("cv2")() and has_tvl1()
HAS_GREEDY = is_there("picsl_greedy", "SimpleITK")
HAS_PLASTIMATCH = programs("plastimatch")
HAS_ELASTIX, HAS_ITK = programs("elastix", "transformix"), is_there("itk", "itk.elxParameterObjectPython")

METHODS = [
    # one configuration of ours a task
    Method("medvol affine", "R1", medvol_affine, [{}], needs=medvol_declares("mv_register_affine")),
    Method("medvol affine mi", "R1", medvol_affine, [{"metric": "mi"}],
           needs=medvol_declares("mv_register_affine")),
    Method("medvol lncc", "D1 D2 D3", medvol_field("lncc"), [{}], needs=medvol_declares("mv_register_lncc")),
    Method("medvol lncc full", "D2", medvol_field("lncc"), [{"full": 1}],
           needs=medvol_declares("mv_register_lncc")),
    Method("medvol demons", "D1", medvol_field("demons"), [{}], needs=medvol_declares("mv_register_demons")),
    Method("medvol bspline ssd", "D1", medvol_field("bspline", True), [{"metric": "ssd"}],
           needs=medvol_declares("mv_register_bspline")),
    Method("medvol bspline mi", "D3", medvol_field("bspline", True), [{"metric": "mi", "grid": (8, 8, 8)}],
           needs=medvol_declares("mv_register_bspline")),
    Method("medvol bspline asgd", "D1 B1", medvol_field("bspline", True),
           [{"metric": "ssd", "optimizer": "optimizer_asgd", "grid": (8, 8, 8)}],
           needs=medvol_declares("mv_register_bspline")),
    Method("medvol bspline 5", "B1", medvol_field("bspline", True), [{"metric": "ssd", "grid": (5, 5, 5)}],
           needs=medvol_declares("mv_register_bspline")),
    Method("medvol bspline 8", "B1", medvol_field("bspline", True), [{"metric": "ssd", "grid": (8, 8, 8)}],
           needs=medvol_declares("mv_register_bspline")),
    Method("medvol lncc", "L1", medvol_field("lncc"), [{}], needs=medvol_declares("mv_register_lncc")),
    Method("medvol search, lncc", "L1 D3", medvol_search, [{}], needs=medvol_declares("mv_register_search")),
    Method("medvol flow fast", "F1", medvol_field("flow"), [{"preset": "flow_fast"}],
           needs=medvol_declares("mv_flow")),
    Method("medvol flow medium", "F1", medvol_field("flow"), [{}], needs=medvol_declares("mv_flow")),
    Method("medvol flow accurate", "F1", medvol_field("flow"), [{"preset": "flow_accurate"}],
           needs=medvol_declares("mv_flow")),
    Method("medvol farneback", "F1", medvol_field("flow"), [{"method": "flow_farneback"}],
           needs=medvol_declares("mv_flow")),
    Method("medvol tv-l1", "F1", medvol_field("flow"), [{"method": "flow_tvl1"}],
           needs=medvol_declares("mv_flow")),
    Method("elastix", "R1", elastix_program, LINEAR, (2,), HAS_ELASTIX, NULL),
    Method("elastix", "D1 D2 D3", elastix_program, GRID, (2, 3), HAS_ELASTIX, NULL),
    Method("elastix", "L1", elastix_program, GRID, (3,), HAS_ELASTIX, NULL),
    Method("elastix grid 5", "B1", elastix_program, spaced(GRID, 5), (3,), HAS_ELASTIX, NULL),
    Method("elastix grid 8", "B1", elastix_program, spaced(GRID, 8), (3,), HAS_ELASTIX, NULL),
    Method("plastimatch grid 5", "B1", plastimatch, spaced(LAGRANGE, 5), (3,), HAS_PLASTIMATCH,
           {"null": 1, "iterations": (1,)}),
    Method("plastimatch grid 8", "B1", plastimatch, spaced(LAGRANGE, 8), (3,), HAS_PLASTIMATCH,
           {"null": 1, "iterations": (1,)}),
    Method("OpenCV DIS", "F1", opencv_dis, DIS, (2, 3, 4), HAS_CV),
    Method("OpenCV Farneback", "F1", opencv_farneback, EXPANSIONS, (1, 3), HAS_CV),
    Method("OpenCV TV-L1", "F1", opencv_tvl1, [{"WarpingsNumber": w, "InnerIterations": i} for w, i in
           ((1, 10), (2, 15), (5, 30))], (1,), HAS_TVL1),
    Method("elastix", "F1", elastix_program, spaced(GRID, 16), (3,), HAS_ELASTIX, NULL),
    Method("elastix coarse", "D1", elastix_program, SEED, (4,), HAS_ELASTIX, NULL),
    Method("itk-elastix", "R1", elastix_module, LINEAR, (2,), HAS_ITK),
    Method("itk-elastix", "D1 D2 D3", elastix_module, GRID, (3,), HAS_ITK),
    Method("SimpleITK", "R1", sitk_linear, [{"iterations": i, "share": s} for i, s in
           ((30, 0.01), (100, 0.01), (100, 0.05), (200, 0.1), (200, 0.25), (400, 0.5))], (2,), HAS_SITK),
    Method("SimpleITK diffeomorphic demons", "D1", sitk_demons("DiffeomorphicDemonsRegistrationFilter"),
           DEMONS, (2, 3), HAS_SITK),
    Method("SimpleITK fast symmetric demons", "D1",
           sitk_demons("FastSymmetricForcesDemonsRegistrationFilter"), DEMONS, (3,), HAS_SITK),
    Method("greedy", "R1", greedy, sweep("iterations", DENSE[:3]) +
           sweep("iterations", DENSE[1:4], search="-search 400 20 20"), (2,), HAS_GREEDY),
    Method("greedy SSD", "D1", greedy, sweep("iterations", DENSE, metric="SSD"), (2,), HAS_GREEDY),
    Method("greedy NCC", "D1 D2 L1", greedy, sweep("iterations", DENSE, metric="NCC 2x2x2"), (2,),
           HAS_GREEDY),
    Method("greedy NMI", "D3", greedy, sweep("iterations", DENSE, metric="NMI"), (2,), HAS_GREEDY),
    Method("ANTs", "R1", ants_run, [{"iterations": i, "share": s} for i, s in
           (((100, 50, 10, 0), 0.1), ((200, 100, 50, 0), 0.2), ((1000, 500, 250, 0), 0.2),
            ((1000, 500, 250, 20), 0.2), ((2100, 1200, 1200, 10), 0.2), ((2100, 1200, 1200, 100), 0.5))],
           (1,), HAS_ANTS),
    Method("ANTs SyN", "D1 D2 D3 L1", ants_run, sweep("iterations", SYN), (2,), HAS_ANTS),
]


def of_task(task: str, chosen: str = "") -> list[tuple[int, Method]]:
    """Numbers in METHODS and methods of a task that can be had here, of those whose names match."""
    import re
    return [(k, m) for k, m in enumerate(METHODS)
            if task in m.tasks.split() and re.search(chosen, m.name) and m.needs()]


def peak_of_self() -> float:
    """MiB; unlike ru_maxrss it does not begin with what the parent had."""
    try:
        text = Path("/proc/self/status").read_text()
        return int(text[text.index("VmHWM:") + 6:].split()[0]) / 1024
    except (OSError, ValueError):
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def work(path: Path) -> None:
    words = json.loads(path.read_text())
    job = Job(**{**words, "folder": Path(words["folder"])})
    found = METHODS[int(job.method)].run(job)
    if isinstance(found, Path):
        if found.exists(): found.rename(job.folder / "found.raw")
        peak = job.clock.peak
    else:
        peak = peak_of_self()
        import numpy as np
        np.save(job.folder / "found.npy", found)
    done = {"cpu": job.clock.cpu, "wall": job.clock.wall, "peak": peak}
    (job.folder / "done.json").write_text(json.dumps(done))


if __name__ == "__main__": work(Path(sys.argv[1]))
