"""The order in which wheels are installed: so that checks begin early, beside what is still written. Pure."""

from collections.abc import Iterable
from math import inf

from locks import Lock, LockedWheel

from .built_in import PlannedCheck, checks_of


def in_order_of_checks(lock: Lock, checks: Iterable[PlannedCheck]) -> tuple[LockedWheel, ...]:
    """Give the wheels of the check that needs least first, in bytes; among themselves in install order."""
    in_order = lock.in_install_order()
    sizes_bytes = {wheel.name: wheel.size_bytes for wheel in in_order}
    costs_bytes: dict[str, float] = {}
    for planned in checks:
        cost_bytes = sum(sizes_bytes[name] for name in planned.needs)
        costs_bytes |= {name: min(cost_bytes, costs_bytes.get(name, inf)) for name in planned.needs}
    return tuple(sorted(in_order, key=lambda wheel: costs_bytes.get(wheel.name, inf)))


def wheels_in_order(lock: Lock) -> tuple[LockedWheel, ...]:
    """Give the lock's wheels as they are planned, hashed and installed: by all its checks, the built-in ones too."""
    return in_order_of_checks(lock, checks_of(lock))
