"""Does this machine fit that target? Pure: facts and lock in, findings out, all of them, fine ones included."""

from locks import Lock, Problem, Target

from ..finding import Finding, ok, stop
from .facts import Machine
from .gpu_fit import judge_gpu_fit


def _judge_python(target: Target, machine: Machine) -> Finding:
    running = "{}.{}".format(*machine.python)
    if running == target.python and machine.implementation == "cpython":
        return ok("machine", code="python-fits", what="Python", found=f"CPython {running}")
    return stop(
        "machine",
        Problem(
            code="python-does-not-fit",
            where="Python",
            expected=f"CPython {target.python}",
            found=f"{machine.implementation} {running}",
            hint=f"start the bundle with Python {target.python}, or name one with --python",
        ),
    )


def _judge_system(target: Target, machine: Machine) -> Finding:
    platform = target.platform
    if (machine.sys_platform, machine.machine.lower()) != (platform.sys_platform, platform.machine.lower()):
        return stop(
            "machine",
            Problem(
                code="platform-does-not-fit",
                where="system",
                expected=platform.name,
                found=f"{machine.sys_platform} on {machine.machine}",
                hint="ask for a bundle made for this system",
            ),
        )
    found = {"glibc": machine.glibc, "macos": machine.macos}.get(platform.floor_of or "")
    words = "{} {}.{}".format(platform.floor_of, *found) if found else f"no {platform.floor_of}"
    if target.floor is not None and (found is None or found < target.floor):
        return stop(
            "machine",
            Problem(
                code="system-too-old",
                where="system",
                expected="{} {}.{} or newer".format(platform.floor_of, *target.floor),
                found=words,
                hint="update the system, or ask for a bundle with a lower floor",
            ),
        )
    return ok(
        "machine",
        code="system-fits",
        what="system",
        found=f"{platform.name}, {words}" if platform.floor_of else platform.name,
    )


def judge_fit(lock: Lock, machine: Machine) -> tuple[Finding, ...]:
    """Judge Python, system, driver and GPUs against the lock's target."""
    target = lock.target
    return (
        _judge_python(target, machine),
        _judge_system(target, machine),
        *judge_gpu_fit(target.variant, lock.limits, machine),
    )
