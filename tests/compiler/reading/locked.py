"""Locks made on the spot, of wheels that nobody opens."""

from collections.abc import Iterable
from typing import Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from locks import Lock, LockedWheel, Target
from locks.lock import order_for_installation

from compiler.solving.chains import dependencies_of, edges_of
from tests.compiler.fakes import make_target


def make_wheel(
    name: str,
    version: str,
    *,
    requires: Iterable[str] = (),
    size_bytes: int = 1_000_000,
    build: str = "0",
    licence: str = "MIT",
    index: str = "ordinary",
) -> LockedWheel:
    """A wheel whose digest is its `build`, a hex digit, 64 times."""
    return LockedWheel(
        name=canonicalize_name(name),
        version=Version(version),
        filename=f"{name.replace('-', '_')}-{version}-py3-none-any.whl",
        size_bytes=size_bytes,
        sha256=build * 64,
        requires=tuple(sorted(str(Requirement(line)) for line in requires)),
        licence=licence,
        index=index,
    )


def make_lock(
    *wheels: LockedWheel, requirements: Iterable[str] = (), target: Target | None = None, **more: Any
) -> Lock:
    """A lock of these wheels, by default for a plain Linux; `more` are other fields of it."""
    fields: dict[str, Any] = {
        "stack": "demo",
        "stack_version": "1",
        "target": target or make_target(),
        "manifest_sha256": "0" * 64,
        "requirements": tuple(requirements),
        "wheels": wheels,
        "install_order": (),
        **more,
    }
    dependencies = dependencies_of(edges_of(Lock(**fields)))
    return Lock(**{**fields, "install_order": order_for_installation(dependencies)})
