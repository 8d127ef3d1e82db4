"""Packages that somebody added to an environment by hand, and that are gone when it is replaced."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from email.parser import HeaderParser
from importlib.metadata import Distribution, distributions
from pathlib import Path

from packaging.utils import canonicalize_name

from locks.problem import printable

_LIBRARIES = ("lib/python*/site-packages", "Lib/site-packages")


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Package:
    """An installed distribution."""

    name: str
    version: str
    address: str = ""
    """Where it was installed from, if not from an index."""

    def requirement(self) -> str:
        """Give the line that asks for it again; a line it is, whatever the metadata holds."""
        return printable(f"{self.name} @ {self.address}" if self.address else f"{self.name}=={self.version}")


def _text(distribution: Distribution, name: str) -> str:
    """Read a file of its metadata, of which old tools left some that is no UTF-8; empty where there is none."""
    try:
        return distribution.read_text(name) or ""
    except UnicodeDecodeError as error:
        return error.object.decode("utf-8", "replace")


def _address(distribution: Distribution) -> str:
    """Read where it came from. Source: PEP 610."""
    try:
        address = json.loads(_text(distribution, "direct_url.json") or "{}").get("url", "")
    except (ValueError, AttributeError, OSError):
        return ""
    return address if isinstance(address, str) else ""


def installed_packages(environment: Path) -> tuple[Package, ...]:
    """List what is installed in an environment, by its metadata alone; nothing of it is imported."""
    folders = [str(path) for pattern in _LIBRARIES for path in environment.glob(pattern)]
    found = set()
    for distribution in distributions(path=folders):
        text = _text(distribution, "METADATA") or _text(distribution, "PKG-INFO")
        metadata = HeaderParser().parsestr(text)
        if metadata["Name"] and metadata["Version"]:  # else it is a folder that a removal left behind
            name, address = canonicalize_name(metadata["Name"]), _address(distribution)
            found.add(Package(name=name, version=metadata["Version"], address=address))
    return tuple(sorted(found))


def added_by_hand(installed: Iterable[Package], known: Mapping[str, str]) -> tuple[Package, ...]:
    """Give those that are not as the receipt has them (name -> version): added, or changed to another version."""
    return tuple(package for package in installed if known.get(package.name) != package.version)


def lost_path(final: Path) -> Path:
    """Give the place of the list of lost packages, beside the environment."""
    return final.with_name(f"{final.name}.venvault-lost.txt")


def save_lost(final: Path, lost: Iterable[Package]) -> None:
    """Write the list of lost packages, as lines that an installer of packages reads."""
    head = f"# in {final.name} before it was replaced, and not from its bundle\n"
    lost_path(final).write_text(head + "".join(f"{package.requirement()}\n" for package in lost), "utf-8")
