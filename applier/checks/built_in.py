"""The checks of a lock: its manifest's own, and those that follow from what is in it. Pure."""

import inspect
from collections.abc import Iterable
from dataclasses import dataclass

from packaging.utils import NormalizedName, canonicalize_name

from locks import Check, Lock

from . import kernel

KERNEL_CHECK = "the driver runs a kernel"
TORCH = canonicalize_name("torch")

_NO_BANNED_NAME = """\
import importlib.metadata, importlib.util, re
banned = {names!r}
found = [name for name in banned if importlib.util.find_spec(name.replace("-", "_"))]
names = [item.name for item in importlib.metadata.distributions()]
found += [name for name in names if re.sub("[-_.]+", "-", name).lower() in banned]
assert not found, f"blacklisted: {{found}}"
"""

_TORCH_BUILD = """\
import torch
found = (torch.__version__.partition("+")[0], torch.version.cuda)
assert found == {expected!r}, f"torch {{found[0]}} built for CUDA {{found[1]}}, expected {{{expected!r}}}"
print(torch.__version__)
"""

# The sum of a product of two matrices of ones is exact in float32, TF32 included.
_TORCH_PRODUCT = """\
import torch
if {device!r} == "cuda":
    assert torch.cuda.is_available(), f"torch {{torch.__version__}} sees no CUDA device"
block = torch.ones(1 << 24, dtype=torch.float32, device={device!r})
assert block.sum().item() == 1 << 24, "an allocation does not hold what was written to it"
square = torch.ones(256, 256, device={device!r})
assert (square @ square).sum().item() == 256 ** 3, "a matrix product is wrong"
print(torch.cuda.get_device_name() if {device!r} == "cuda" else "cpu")
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedCheck:
    """A check, with what must be in place before it runs."""

    check: Check
    needs: frozenset[NormalizedName]
    """Every package it builds on; empty: it can run before anything is installed."""
    in_environment: bool = True
    """Whether the environment's interpreter runs it; else the one that runs us."""
    imports_packages: bool = True
    """Whether it imports what is installed, and so has Python compile it."""


def cuda_of(variant: str) -> str | None:
    """Give the CUDA version a variant stands for, as torch spells it ("12.4"); None for `cpu`."""
    digits = variant.removeprefix("cu")
    return f"{digits[:-1]}.{digits[-1]}" if digits.isdigit() else None


def expected_torch(lock: Lock) -> tuple[str, str | None] | None:
    """Give the release and the CUDA version that the lock's torch must tell; None where the lock does not settle it.

    A `cpu` lock may hold a CUDA build, which the ordinary index has for Linux: then the variant does not name it.
    """
    versions = {wheel.name: wheel.version for wheel in lock.wheels}
    brings_cuda = any(name.startswith("nvidia-cuda-runtime") for name in versions)
    if TORCH not in versions or (lock.target.variant == "cpu" and brings_cuda):
        return None
    return versions[TORCH].public, cuda_of(lock.target.variant)


def _of_torch(lock: Lock) -> Iterable[Check]:
    on_gpu = lock.target.variant != "cpu"
    after = (TORCH,)
    if expected := expected_torch(lock):
        yield Check(
            name=f"torch is the {lock.target.variant} build", code=_TORCH_BUILD.format(expected=expected), after=after
        )
    if any(wheel.name == TORCH for wheel in lock.wheels):
        yield Check(
            name=f"torch multiplies on the {'GPU' if on_gpu else 'CPU'}",
            code=_TORCH_PRODUCT.format(device="cuda" if on_gpu else "cpu"),
            after=after,
            needs_gpu=on_gpu,
        )


def _with_dependencies(names: Iterable[NormalizedName], lock: Lock) -> frozenset[NormalizedName]:
    """Give the packages and everything they require, to the end."""
    dependencies = {wheel.name: wheel.dependencies for wheel in lock.wheels}
    found: set[NormalizedName] = set()
    left = list(names)
    while left:
        name = left.pop()
        if name not in found:
            found.add(name)
            left += dependencies.get(name, ())
    return frozenset(found & dependencies.keys())


def checks_of(lock: Lock) -> tuple[PlannedCheck, ...]:
    """Give every check of the lock: the manifest's in its order, then the built-in ones.

    A check that names no package to come after needs all of them.
    """
    everything = frozenset(wheel.name for wheel in lock.wheels)
    planned = [
        PlannedCheck(check=check, needs=_with_dependencies(check.after, lock) if check.after else everything)
        for check in (*lock.checks, *_of_torch(lock))
    ]
    if banned := sorted(lock.blacklist):
        check = Check(name="no blacklisted package", code=_NO_BANNED_NAME.format(names=banned))
        planned.append(PlannedCheck(check=check, needs=everything, imports_packages=False))
    if lock.target.variant != "cpu":
        check = Check(name=KERNEL_CHECK, code=inspect.getsource(kernel), needs_gpu=True)
        planned.append(PlannedCheck(check=check, needs=frozenset(), in_environment=False, imports_packages=False))
    return tuple(planned)
