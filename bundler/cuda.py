"""CUDA libraries of another major than the variant's: none of them leaves the desk. Pure.

Two majors side by side load side by side, and what one allocates the other does not know.
"""

import re
from collections.abc import Iterator

from locks import Lock, Problem
from locks.target import VARIANTS

from applier.wheels.plan import Plan

MAJORS = {variant: int(variant[2:4]) for variant in VARIANTS if variant.startswith("cu")}
"""Variant -> CUDA major: cu124 -> 12."""

_DISTRIBUTION = re.compile(r"nvidia-.+-cu([0-9]{2})")
# Libraries whose number is CUDA's own (cuFFT's, cuDNN's and others count by themselves), renamed by `auditwheel` too.
_LIBRARIES = (
    re.compile(
        r"lib(?:cudart|nvrtc|nvrtc-builtins|cublas|cublasLt|nvJitLink)(?:[-.][0-9a-f]{8})?\.so\.([0-9]{2})(?:\..*)?"
    ),
    # Windows: cudart64_12, cudart64_110 (11.0), nvrtc64_120_0 (12.0).
    re.compile(
        r"(?:cudart64|nvrtc64|cublas64|cublasLt64|nvJitLink)_([0-9]{2})[0-9]?(?:_[0-9]+)?(?:-[0-9a-f]{32})?\.dll"
    ),
)


def library_major(filename: str) -> int | None:
    """Give the CUDA major that a shared library's file name tells; None for any other file."""
    for pattern in _LIBRARIES:
        if match := pattern.fullmatch(filename):
            return int(match[1])
    return None


def _distribution_major(name: str) -> int | None:
    match = _DISTRIBUTION.fullmatch(name)
    return int(match[1]) if match else None


def _libraries(lock: Lock, plan: Plan) -> Iterator[tuple[str, int]]:
    """Give every sign of a CUDA major: where it is, and which."""
    for wheel in lock.wheels:
        if (major := _distribution_major(wheel.name)) is not None:
            yield wheel.filename, major
    for path in sorted(plan.files):
        if (major := library_major(path.rpartition("/")[2])) is not None:
            yield f"{plan.files[path].owner}: {path!r}", major


def cuda_problems(lock: Lock, plan: Plan) -> list[Problem]:
    """Find what is of another CUDA major than the lock's variant; of a variant without CUDA, nothing is."""
    wanted = MAJORS.get(lock.target.variant)
    return [
        Problem(
            code="cuda-majors-mixed",
            where=where,
            expected=f"libraries of CUDA {wanted}, as {lock.target.variant} has them",
            found=f"one of CUDA {major}",
            hint="hold that package, or what requires it, at a release for this variant",
        )
        for where, major in _libraries(lock, plan)
        if wanted not in (None, major)
    ]
