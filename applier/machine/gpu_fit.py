"""Do driver and GPUs run a variant? Pure: facts and limits in, findings out, fine ones included."""

from collections.abc import Iterator

from locks import Limits, Problem
from locks.cuda import cuda_of
from locks.pylock import join_driver, parse_driver

from ..finding import Finding, ok, stop, warn
from .facts import Machine
from .gpus import Gpu

# Source: pytorch torch/cuda/__init__.py DEVICE_REQUIREMENT: integrated (Tegra) chips run only code built for them.
_INTEGRATED = {"5.3", "6.2", "7.2", "8.7", "10.1"}
_TEGRA_HINT = "PyTorch for this Jetson comes from NVIDIA, not from a bundle"


def _capability(text: str) -> tuple[int, int]:
    major, _, minor = text.partition(".")
    return int(major), int(minor or 0)


def runs_machine_code(capability: str, limits: Limits) -> bool:
    """Say whether the build's machine code runs on a GPU: within its major, from its minor on."""
    if capability in limits.compute_capabilities:
        return True
    device = _capability(capability)
    return capability not in _INTEGRATED and any(
        device[0] == built[0] and device[1] >= built[1] for built in map(_capability, limits.compute_capabilities)
    )


def runs_ptx(capability: str, limits: Limits) -> bool:
    """Say whether the build holds PTX that a GPU's driver may compile: for anything as new as itself or newer."""
    device = _capability(capability)
    return capability not in _INTEGRATED and any(device >= built for built in map(_capability, limits.ptx))


def _driver_parts(machine: Machine) -> tuple[int, ...]:
    try:
        return parse_driver(machine.driver)
    except ValueError:
        return ()


def _too_old(variant: str, limits: Limits, machine: Machine) -> Finding:
    return stop(
        "machine",
        Problem(
            code="driver-too-old",
            where="NVIDIA driver",
            expected=f"{join_driver(limits.driver)} or newer for {variant}",
            found=machine.driver_words(),
            hint="update the driver, or ask for an older variant",
        ),
    )


def _judge_driver(variant: str, limits: Limits, machine: Machine) -> Iterator[Finding]:
    """Judge by the CUDA that the driver speaks and, within its major, by the driver's number.

    The number alone would mislead: in WSL it is Windows', a Jetson Thor's is 580.00, and NVIDIA's forward compatibility
    packages lift the CUDA above it. Source: CUDA minor-version compatibility: a driver runs every toolkit of its major,
    and of older ones.
    """
    needed, driver, spoken = cuda_of(variant), _driver_parts(machine), machine.cuda
    if needed is None or not limits.driver or not (driver or spoken):
        return
    by_number = not driver or driver >= limits.driver
    if spoken and spoken[0] < needed[0]:
        yield _too_old(variant, limits, machine)
    elif by_number or (spoken and spoken[0] > needed[0]):
        note = ", by CUDA's minor-version compatibility" if spoken and spoken < needed else ""
        yield ok(
            "machine", code="driver-fits", what="NVIDIA driver", found=f"{machine.driver_words()} runs {variant}{note}"
        )
    elif spoken and driver[0] < limits.driver[0]:
        found = f"{machine.driver_words()} runs {variant} through NVIDIA's forward compatibility package"
        hint = "that works on data-centre GPUs alone; on others update the driver"
        yield warn("machine", code="driver-by-package", what="NVIDIA driver", found=found, hint=hint)
    elif spoken and spoken >= needed:
        yield ok("machine", code="driver-fits", what="NVIDIA driver", found=f"{machine.driver_words()} runs {variant}")
    else:
        yield _too_old(variant, limits, machine)


def _fault_of(gpu: Gpu, variant: str, limits: Limits, machine: Machine) -> Problem | None:
    """Say why a GPU cannot run the variant; None when it can, or does not tell what it is."""
    if gpu.trouble:
        return Problem(
            code=gpu.trouble.code,
            where=gpu.name,
            expected="a GPU that answers",
            found=gpu.trouble.found,
            hint=gpu.trouble.hint,
        )
    capability = gpu.compute_capability
    if not limits.compute_capabilities or not capability or runs_machine_code(capability, limits):
        return None
    toolkit = cuda_of(variant)
    if runs_ptx(capability, limits):
        if not (machine.cuda and toolkit and machine.cuda < toolkit):
            return None
        return Problem(
            code="driver-too-old-for-gpu",
            where=gpu.name,
            expected="a driver for CUDA {}.{} or newer, to compile {}'s code for it".format(*toolkit, variant),
            found=f"compute capability {capability}, driver {machine.driver_words()}",
            hint="update the driver",
        )
    return Problem(
        code="gpu-does-not-fit",
        where=gpu.name,
        expected=f"one that {variant} holds code for: {', '.join(limits.compute_capabilities)}",
        found=f"compute capability {capability}",
        hint=_TEGRA_HINT if capability in _INTEGRATED else f"this GPU needs another variant than {variant}",
    )


def _judge_gpu(gpu: Gpu, fault: Problem | None, variant: str, *, another_fits: bool) -> Finding:
    """Judge one GPU. Beside another that fits, one that does not is no reason to stop: it may drive the display."""
    if fault is None and gpu.compute_capability:
        return ok(
            "machine",
            code="gpu-fits",
            what=gpu.name,
            found=f"compute capability {gpu.compute_capability} runs {variant}",
        )
    if fault is None:
        found = "the driver does not tell its compute capability"
        hint = "the checks of the finished environment will show whether it runs"
        return warn("machine", code="gpu-not-known", what=gpu.name, found=found, hint=hint)
    if not another_fits:
        return stop("machine", fault)
    return warn(
        "machine",
        code=fault.code,
        what=gpu.name,
        found=f"{fault.found}; needed: {fault.expected}",
        hint="programs must not choose this one: hide it with CUDA_VISIBLE_DEVICES",
    )


def _judge_trouble(machine: Machine) -> Iterator[Finding]:
    """A machine without GPU fits, for it may be prepared there; one whose driver is half replaced does not."""
    trouble = machine.trouble
    if trouble is None:
        return
    if trouble.stops and not machine.gpus:
        expected = "a driver that answers"
        yield stop(
            "machine",
            Problem(code=trouble.code, where="GPU", expected=expected, found=trouble.found, hint=trouble.hint),
        )
        return
    found = trouble.found if machine.gpus else f"{trouble.found}; checks that need a GPU will be skipped"
    yield warn("machine", code=trouble.code, what="GPU", found=found, hint=trouble.hint)


def judge_gpu_fit(variant: str, limits: Limits, machine: Machine) -> tuple[Finding, ...]:
    """Judge driver and every GPU against what a variant asks; nothing for `cpu`."""
    if cuda_of(variant) is None:
        return ()
    faults = [_fault_of(gpu, variant, limits, machine) for gpu in machine.gpus]
    another_fits = not all(faults)
    return (
        *_judge_trouble(machine),
        *_judge_driver(variant, limits, machine),
        *(
            _judge_gpu(gpu, fault, variant, another_fits=another_fits)
            for gpu, fault in zip(machine.gpus, faults, strict=True)
        ),
    )
