"""Locks as PEP 751 documents: the writing half, through `packaging.pylock`.

No address is written: the index is an alias, the wheel a relative path, so that the same bytes are valid beside the
manifest and inside the bundle.
"""

import re
from typing import Any

from packaging.pylock import Package, PackageWheel, Pylock
from packaging.specifiers import SpecifierSet
from packaging.version import Version

from .lock import ORDINARY_INDEX, Check, Drop, Lock, LockedWheel

FORMAT = 1
"""Version of our tool table; a reader refuses a newer one."""
WHEELS_FOLDER = "wheels"

_DRIVER = re.compile(r"([0-9]{1,9}(\.[0-9]{1,9})*)?")


def parse_driver(text: str) -> tuple[int, ...]:
    """Read a driver version part by part; empty text gives no parts. Raises ValueError."""
    if not _DRIVER.fullmatch(text):
        raise ValueError(f"no driver version: {text!r}")
    return tuple(int(part) for part in text.split(".")) if text else ()


def join_driver(parts: tuple[int, ...]) -> str:
    """Write a driver version the way NVIDIA does: 580.65.06."""
    return ".".join(str(part) if place == 0 else f"{part:02}" for place, part in enumerate(parts))


def _wheel_table(wheel: LockedWheel) -> dict[str, Any]:
    values = {
        "index": "" if wheel.index == ORDINARY_INDEX else wheel.index,
        "licence": wheel.licence,
        "requires": list(wheel.requires),
    }
    return {key: value for key, value in values.items() if value}


def _package(wheel: LockedWheel) -> Package:
    ours = _wheel_table(wheel)
    return Package(
        name=wheel.name,
        version=wheel.version,
        dependencies=[{"name": name} for name in wheel.dependencies] or None,
        wheels=[
            PackageWheel(
                path=f"{WHEELS_FOLDER}/{wheel.filename}",
                size=wheel.size_bytes,
                hashes={"sha256": wheel.sha256},
            )
        ],
        tool={"venvault": ours} if ours else None,
    )


def _check_table(check: Check) -> dict[str, Any]:
    return {
        "name": check.name,
        "code": check.code,
        "after": list(check.after),
        "needs-gpu": check.needs_gpu,
        "critical": check.critical,
        "timeout-s": check.timeout_s,
    }


def _drop_table(drop: Drop) -> dict[str, Any]:
    expires = {"expires": drop.expires} if drop.expires else {}
    return {"package": drop.package, "requires": drop.requires, "reason": drop.reason, **expires}


def _tool_table(lock: Lock) -> dict[str, Any]:
    target = lock.target
    floor = {"floor": "{}.{}".format(*target.floor)} if target.floor else {}
    files = [{"path": file.path, "size": file.size_bytes, "sha256": file.sha256} for file in lock.files]
    exclude_newer = {"exclude-newer": lock.exclude_newer} if lock.exclude_newer else {}
    return {
        "format": FORMAT,
        "stack": lock.stack,
        "stack-version": lock.stack_version,
        "variant": target.variant,
        "platform": target.platform.name,
        "python": target.python,
        **floor,
        "manifest-sha256": lock.manifest_sha256,
        **exclude_newer,
        "requirements": list(lock.requirements),
        "install-order": list(lock.install_order),
        "blacklist": dict(sorted(lock.blacklist.items())),
        "limits": {
            "driver": join_driver(lock.limits.driver),
            "compute-capabilities": list(lock.limits.compute_capabilities),
            "ptx": list(lock.limits.ptx),
        },
        "left-out": [{"group": item.group, "reason": item.reason} for item in lock.left_out],
        "drop": [_drop_table(drop) for drop in lock.drops],
        "check": [_check_table(check) for check in lock.checks],
        **({"file": files} if files else {}),
    }


def to_pylock(lock: Lock) -> Pylock:
    """Give the PEP 751 form; `to_dict()` of it is what a TOML writer needs."""
    return Pylock(
        lock_version=Version("1.0"),
        environments=[lock.target.marker()],
        requires_python=SpecifierSet(f"=={lock.target.python}.*"),
        created_by="venvault",
        packages=[_package(wheel) for wheel in sorted(lock.wheels, key=lambda wheel: wheel.name)],
        tool={"venvault": _tool_table(lock)},
    )
