"""What a variant asks of a machine, and whether a resolved set really is that variant. Facts from `cuda.json`."""

import json
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any, TypeAlias

from packaging.utils import NormalizedName, canonicalize_name

from locks import Limits, LockedWheel, Problem, Target, cuda

from ..offers.wheels import Wheel

Wheels: TypeAlias = Mapping[NormalizedName, Wheel] | Mapping[NormalizedName, LockedWheel]
"""Package -> the wheel taken, fresh from an index or out of a lock."""

TORCH = canonicalize_name("torch")


@cache
def facts() -> dict[str, Any]:
    """Give the facts about torch's releases as they stand in `cuda.json`; not to be changed."""
    content: dict[str, Any] = json.loads((files(__package__) / "cuda.json").read_text("utf-8"))
    return content


def limits_of(target: Target, wheels: Wheels) -> Limits:
    """Give the oldest driver, and the GPUs that the chosen torch holds code for."""
    torch = wheels.get(TORCH)
    release = f"{torch.version.major}.{torch.version.minor}" if torch else ""
    return cuda.limits_of(target.variant, target.platform, release)


def _variant_of_runtime(wheels: Wheels) -> str | None:
    """Give the variant that the CUDA runtime in the set amounts to; None without one."""
    for name, wheel in wheels.items():
        if name.startswith("nvidia-cuda-runtime"):
            return f"cu{wheel.version.major}{wheel.version.minor}"
    return None


def build_of_torch(target: Target, wheels: Wheels) -> str | None:
    """Give the variant that the torch in a set was built for; None for a CPU build without a label, or no torch.

    Evidence, strongest first: the local version label, the variant's own index, the CUDA runtime in the set.
    """
    torch = wheels.get(TORCH)
    if torch is None:
        return None
    label = (torch.version.local or "").partition(".")[0]  # there was a +cu118.with.pypi.cudnn
    own = target.variant if torch.index == target.variant else None
    return label or own or _variant_of_runtime(wheels)


def judge_variant(target: Target, wheels: Wheels) -> Problem | None:
    """Say what is wrong when the torch chosen for a CUDA variant is another build, or a CPU one."""
    torch = wheels.get(TORCH)
    if torch is None or target.variant == "cpu":
        return None
    found = build_of_torch(target, wheels)
    if found == target.variant:
        return None
    return Problem(
        code="variant-not-met",
        where=f"{target}: torch {torch.version}",
        expected=f"a {target.variant} build",
        found=f"a {found} build" if found else "a CPU build: no label, no CUDA runtime in the closure",
        hint="pin the torch release of that variant, or take torch from the variant's own index (from-index)",
    )
