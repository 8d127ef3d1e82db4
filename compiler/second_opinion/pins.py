"""What pip-compile is given for a lock, and what it answers. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass

from packaging.requirements import Requirement
from packaging.utils import NormalizedName, canonicalize_name
from packaging.version import Version

from locks import Lock
from locks.lock import ORDINARY_INDEX


@dataclass(frozen=True, slots=True, kw_only=True)
class Pin:
    """What pip-compile takes of one package."""

    version: Version
    askers: frozenset[NormalizedName] = frozenset()
    """Packages that require it."""
    is_root: bool = False
    """Whether a line that was given asks for it."""


def pinned_lines(lock: Lock) -> tuple[str, ...]:
    """Give the packages that come from the variant's own index, each at the very version that was taken.

    pip knows no index for one package: only the version, label and all, keeps the others from serving it.
    """
    return tuple(f"{wheel.name}=={wheel.version}" for wheel in lock.wheels if wheel.index != ORDINARY_INDEX)


def read_pins(text: str) -> Mapping[NormalizedName, Pin]:
    """Read pip-compile's output with `--annotation-style line`; a package taken from an address has no version.

    Raises:
        ValueError: a line is none of pip-compile's.
    """
    pins = {}
    for line in text.splitlines():
        entry, _, told = line.partition("#")
        if entry.strip():
            requirement = Requirement(entry)
            askers = [asker.strip() for asker in told.strip().removeprefix("via ").split(",")]
            if requirement.url is None:
                (specifier,) = requirement.specifier
                pins[canonicalize_name(requirement.name)] = Pin(
                    version=Version(specifier.version),
                    askers=frozenset(canonicalize_name(asker) for asker in askers if not asker.startswith("-r ")),
                    is_root=any(asker.startswith("-r ") for asker in askers),
                )
    return pins
