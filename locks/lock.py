"""The lock as venvault sees it: exactly one wheel per package for one target, and all an applier must know.

Values only; `locks.pylock` reads and writes the PEP 751 form.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date

from packaging.utils import NormalizedName
from packaging.version import Version

from .target import Target

DEFAULT_TIMEOUT_S = 120
MAX_TIMEOUT_S = 86_400

ORDINARY_INDEX = "ordinary"
"""Alias of the index that pip's configuration names."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LockedWheel:
    """The one wheel of one package."""

    name: NormalizedName
    version: Version
    filename: str
    size_bytes: int
    sha256: str
    dependencies: tuple[NormalizedName, ...] = ()
    """Names of the packages in the same lock that this one requires, sorted."""
    requires: tuple[str, ...] = ()
    """The requirement lines behind `dependencies`: those of the wheel's metadata that hold on the target, sorted."""
    licence: str = ""
    """As the wheel's metadata tells it: an SPDX expression, or words; empty when it tells none."""
    index: str = ORDINARY_INDEX
    """Alias of the index the wheel came from."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LockedFile:
    """An extra file of the stack: a model, a sample, a page."""

    path: str
    """Plain and relative, forward slashes: below the manifest's folder, and below `share/<stack>/` once installed."""
    size_bytes: int
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """A test of the finished environment."""

    name: str
    code: str
    """Python source; the check fails when it raises."""
    after: tuple[NormalizedName, ...] = ()
    """Packages that must be in place first."""
    needs_gpu: bool = False
    critical: bool = True
    timeout_s: int = DEFAULT_TIMEOUT_S


@dataclass(frozen=True, slots=True, kw_only=True)
class Drop:
    """An edge of the graph that the manifest cut on purpose."""

    package: NormalizedName
    requires: NormalizedName
    reason: str
    expires: date | None = None
    """The last day it may be used; None: it never ends."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOut:
    """An optional group of the manifest that this target does without."""

    group: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What the variant asks of the machine; empty for `cpu`."""

    driver: tuple[int, ...] = ()
    """Oldest NVIDIA driver, part by part (driver numbers do not compare as text)."""
    compute_capabilities: tuple[str, ...] = ()
    """Capabilities the torch build holds machine code for, as "8.6"; empty when not known."""
    ptx: tuple[str, ...] = ()
    """Capabilities the torch build holds PTX for, which newer GPUs can compile."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lock:
    """Everything `bundle` and `apply` need, decided."""

    stack: str
    stack_version: str
    target: Target
    manifest_sha256: str
    """Digest of what this target follows from in the manifest, so that comments and other variants do not count."""
    requirements: tuple[str, ...] = ()
    """The manifest's requirement lines that hold on the target, taken optional groups included, sorted."""
    wheels: tuple[LockedWheel, ...]
    """Sorted by name."""
    install_order: tuple[NormalizedName, ...]
    """Every package once, dependencies first."""
    files: tuple[LockedFile, ...] = ()
    """Sorted by path."""
    blacklist: Mapping[NormalizedName, str] = field(default_factory=dict)
    """Banned package -> reason."""
    drops: tuple[Drop, ...] = ()
    left_out: tuple[LeftOut, ...] = ()
    checks: tuple[Check, ...] = ()
    limits: Limits = Limits()
    exclude_newer: date | None = None
    """Nothing uploaded after this day was considered; None: everything was."""

    @property
    def filename(self) -> str:
        """The lock's own file name, valid for PEP 751."""
        return f"pylock.{self.target.name}.toml"

    @property
    def size_bytes(self) -> int:
        """Bytes of all wheels together."""
        return sum(wheel.size_bytes for wheel in self.wheels)

    def in_install_order(self) -> tuple[LockedWheel, ...]:
        """Give the wheels, dependencies first."""
        by_name = {wheel.name: wheel for wheel in self.wheels}
        return tuple(by_name[name] for name in self.install_order)


def order_for_installation(
    dependencies: Mapping[NormalizedName, Iterable[NormalizedName]],
) -> tuple[NormalizedName, ...]:
    """Order packages so that each comes after what it requires; cycles are broken at the alphabet's first name.

    Deterministic: depends on the graph alone. Linear in its edges.
    """
    ordered: list[NormalizedName] = []
    seen: set[NormalizedName] = set()
    path: list[tuple[NormalizedName, Iterator[NormalizedName]]] = []

    def enter(name: NormalizedName) -> None:
        if name not in seen:
            seen.add(name)
            path.append((name, iter(sorted(dependencies[name]))))

    for root in sorted(dependencies):
        enter(root)
        while path:  # a list, since a chain may be longer than Python's own stack
            name, children = path[-1]
            if (child := next(children, None)) is not None:
                enter(child)
            else:
                ordered.append(name)
                path.pop()
    return tuple(ordered)
