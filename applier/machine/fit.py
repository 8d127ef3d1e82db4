"""Does this machine fit that target? Pure: facts and limits in, problems out, all of them."""

from collections.abc import Iterator

from locks import Limits, Lock, Problem, Target
from locks.pylock import join_driver, parse_driver

from .facts import Gpu, Machine

# Source: pytorch torch/cuda/__init__.py DEVICE_REQUIREMENT: integrated (Tegra) chips run only code built for them.
_INTEGRATED = {"5.3", "6.2", "7.2", "8.7", "10.1"}


def _capability(text: str) -> tuple[int, int]:
    major, _, minor = text.partition(".")
    return int(major), int(minor or 0)


def runs_on(capability: str, limits: Limits) -> bool:
    """Say whether torch's code runs on a GPU of that compute capability.

    Machine code runs within its major from its minor on; PTX on anything as new as itself or newer.
    """
    if not limits.compute_capabilities or not capability or capability in limits.compute_capabilities:
        return True
    if capability in _INTEGRATED:
        return False
    device = _capability(capability)
    by_code = any(
        device[0] == built[0] and device[1] >= built[1] for built in map(_capability, limits.compute_capabilities)
    )
    return by_code or any(device >= built for built in map(_capability, limits.ptx))


def _judge_python(target: Target, machine: Machine) -> Iterator[Problem]:
    running = "{}.{}".format(*machine.python)
    if running != target.python or machine.implementation != "cpython":
        yield Problem(
            code="python-does-not-fit",
            where="Python",
            expected=f"CPython {target.python}",
            found=f"{machine.implementation} {running}",
            hint=f"start the bundle with Python {target.python}",
        )


def _judge_system(target: Target, machine: Machine) -> Iterator[Problem]:
    platform = target.platform
    if (machine.sys_platform, machine.machine.lower()) != (platform.sys_platform, platform.machine.lower()):
        yield Problem(
            code="platform-does-not-fit",
            where="system",
            expected=platform.name,
            found=f"{machine.sys_platform} on {machine.machine}",
            hint="ask for a bundle made for this system",
        )
        return
    found = {"glibc": machine.glibc, "macos": machine.macos}.get(platform.floor_of or "")
    if target.floor is not None and (found is None or found < target.floor):
        yield Problem(
            code="system-too-old",
            where="system",
            expected="{} {}.{} or newer".format(platform.floor_of, *target.floor),
            found="{}.{}".format(*found) if found else f"no {platform.floor_of}",
            hint="update the system, or ask for a bundle with a lower floor",
        )


def _judge_gpus(gpus: tuple[Gpu, ...], lock: Lock) -> Iterator[Problem]:
    """Refuse a machine none of whose GPUs can run the code: an old card that drives the display is no reason."""
    if not gpus or any(runs_on(gpu.compute_capability, lock.limits) for gpu in gpus):
        return
    for gpu in gpus:
        yield Problem(
            code="gpu-does-not-fit",
            where=gpu.name,
            expected=f"compute capability in the range of {', '.join(lock.limits.compute_capabilities)}",
            found=gpu.compute_capability,
            hint=f"this GPU needs another variant than {lock.target.variant}",
        )


def _judge_driver(lock: Lock, machine: Machine) -> Iterator[Problem]:
    try:
        driver = parse_driver(machine.driver)
    except ValueError:
        return
    if driver and driver < lock.limits.driver:
        yield Problem(
            code="driver-too-old",
            where="NVIDIA driver",
            expected=f"{join_driver(lock.limits.driver)} or newer for {lock.target.variant}",
            found=machine.driver,
            hint="update the driver, or ask for an older variant",
        )


def judge_fit(lock: Lock, machine: Machine) -> tuple[Problem, ...]:
    """Give everything that keeps the bundle from running here. A machine without GPU fits: checks that need one
    are skipped.
    """
    problems = [*_judge_python(lock.target, machine), *_judge_system(lock.target, machine)]
    if lock.target.variant != "cpu":
        problems += _judge_driver(lock, machine)
        problems += _judge_gpus(machine.gpus, lock)
    return tuple(problems)
