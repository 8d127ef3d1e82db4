"""What CUDA variants ask of a machine: oldest driver, and the GPUs that each torch build holds code for.

Facts from `cuda.json`, which travels in every bundle: a machine is told which variant it needs, not only that this one
does not fit.
"""

import json
import re
from functools import cache
from importlib.resources import files
from typing import Any

from .lock import Limits
from .target import Platform

_DRIVER_SYSTEM = {"linux": "linux", "win32": "windows"}
_VARIANT = re.compile(r"cu(\d+)(\d)")


@cache
def _facts() -> dict[str, Any]:
    content: dict[str, Any] = json.loads((files(__package__) / "cuda.json").read_text("utf-8"))
    return content


def cuda_of(variant: str) -> tuple[int, int] | None:
    """Give the CUDA toolkit of a variant, (12, 4) for "cu124"; None when it is none."""
    parts = _VARIANT.fullmatch(variant)
    return (int(parts[1]), int(parts[2])) if parts else None


def torch_releases_of(variant: str, platform: Platform) -> tuple[str, ...]:
    """Give the torch minor releases known to be built for a variant on a platform, oldest first."""
    built = _facts()["architectures"].items()
    return tuple(release for release, variants in built if platform.name in variants.get(variant, {}))


def limits_of(variant: str, platform: Platform, torch: str) -> Limits:
    """Give the oldest driver, and the GPUs that a torch minor release ("2.5"; "": none) holds code for.

    Source: NVIDIA minor-version compatibility table; torch's build scripts.
    """
    system = _DRIVER_SYSTEM.get(platform.sys_platform)
    drivers = _facts()["drivers"].get(variant)
    if drivers is None or system is None:
        return Limits()
    code = _facts()["architectures"].get(torch, {}).get(variant, {}).get(platform.name, {})
    return Limits(
        driver=tuple(int(part) for part in drivers[system].split(".")),
        compute_capabilities=tuple(code.get("sm", ())),
        ptx=tuple(code.get("ptx", ())),
    )
