"""What a bundle asks of the machine, in words. Pure."""

from locks import Lock
from locks.pylock import join_driver

_FLOORS = {"glibc": "glibc {}.{} or newer", "macos": "macOS {}.{} or newer"}


def needs_of(lock: Lock) -> dict[str, str]:
    """Give each thing that the machine must have, with what it must be."""
    platform, floor, limits = lock.target.platform, lock.target.floor, lock.limits
    system = f"{platform.platform_system} {platform.name.partition('-')[2]}"
    if platform.floor_of and floor:
        system += f", {_FLOORS[platform.floor_of].format(*floor)}"
    needs = {"system": system, "Python": f"CPython {lock.target.python}"}
    if limits.driver:
        needs["NVIDIA driver"] = f"{join_driver(limits.driver)} or newer"
    if limits.compute_capabilities:
        needs["GPU"] = f"compute capability {', '.join(limits.compute_capabilities)}"
        if limits.ptx:
            needs["GPU"] += f", or newer than {', '.join(limits.ptx)}"
    return needs
