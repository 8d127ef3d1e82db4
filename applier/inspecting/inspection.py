"""What inspecting a bundle finds: values, and the JSON form of them."""

from dataclasses import asdict, dataclass
from typing import Any

from packaging.utils import NormalizedName

from locks import Lock

from ..bundle.contents import Contents
from ..bundle.layout import is_bulk
from ..signature import Signer
from .needs import needs_of

KINDS = {
    "cuda": "NVIDIA's libraries and tools",
    "named": "named by the manifest",
    "brought": "brought in by others",
    "files": "extra files",
}
"""What takes room, for packages as in `Package.kind` -> in words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Package:
    """One package and the room it takes."""

    name: NormalizedName
    version: str
    licence: str
    packed_bytes: int
    """Size of the wheel."""
    installed_bytes: int
    installed_files: int
    nvidia_bytes: int
    """How much of the installed is NVIDIA's files: CUDA libraries and tools."""
    requires: tuple[NormalizedName, ...]
    required_by: tuple[NormalizedName, ...]
    is_named: bool
    """Whether the manifest names it."""
    is_here: bool = True
    """Not where an update leaves it to its base; then nothing is known of its files."""

    @property
    def kind(self) -> str:
        """Say which of `KINDS` it is; what is mostly NVIDIA's files is "cuda", whoever names it."""
        if self.nvidia_bytes * 2 > self.installed_bytes:
            return "cuda"
        return "named" if self.is_named else "brought"


@dataclass(frozen=True, slots=True, kw_only=True)
class Inspection:
    """A bundle, measured."""

    name: str
    """The bundle's file name."""
    lock: Lock
    contents: Contents
    packages: tuple[Package, ...]
    """Largest installed first."""
    signers: tuple[Signer, ...] = ()
    """Who signed it, named where this machine trusts the key."""

    @property
    def packed_bytes(self) -> int:
        """Bytes of all members."""
        return sum(member.size_bytes for member in self.contents.members)

    @property
    def nvidia_bytes(self) -> int:
        """Installed bytes of NVIDIA's files, in whatever package."""
        return sum(package.nvidia_bytes for package in self.packages)

    @property
    def files_bytes(self) -> int:
        """Bytes of all extra files, packed and installed alike."""
        return sum(file.size_bytes for file in self.lock.files)

    @property
    def largest_bytes(self) -> int:
        """What bars are drawn against: the largest package, or all extra files; never zero."""
        return max(1, self.files_bytes, *(package.installed_bytes for package in self.packages))

    def files_in_words(self) -> str:
        """Say how many extra files there are."""
        count = len(self.lock.files)
        return f"{count} extra file{'s' if count > 1 else ''}"

    def share(self, size_bytes: int) -> float:
        """Give what part of all that is installed `size_bytes` are, 0 to 1."""
        return size_bytes / self.contents.installed_bytes if self.contents.installed_bytes else 0.0

    def other_members(self) -> dict[str, int]:
        """Give the sizes of what is neither wheel nor extra file, the runner as one."""
        sizes: dict[str, int] = {}
        for member in self.contents.members:
            if not is_bulk(member.name):
                name, slash, _ = member.name.partition("/")
                sizes[name + slash] = sizes.get(name + slash, 0) + member.size_bytes
        return sizes

    def to_dict(self) -> dict[str, Any]:
        """Give all of it, JSON-ready; sizes in bytes."""
        lock, contents = self.lock, self.contents
        return {
            "bundle": self.name,
            "stack": contents.stack,
            "stack_version": contents.stack_version,
            "target": contents.target,
            "packed_bytes": self.packed_bytes,
            "installed_bytes": contents.installed_bytes,
            "installed_files": contents.installed_files,
            "nvidia_bytes": self.nvidia_bytes,
            "longest_path": contents.longest_path,
            "needs": needs_of(lock),
            "packages": [{**asdict(package), "kind": package.kind} for package in self.packages],
            "checks": [
                {"name": check.name, "critical": check.critical, "needs_gpu": check.needs_gpu} for check in lock.checks
            ],
            "files": [asdict(file) for file in lock.files],
            "left_out": [asdict(item) for item in lock.left_out],
            "drops": [
                {"package": drop.package, "requires": drop.requires, "reason": drop.reason} for drop in lock.drops
            ],
            "blacklist": dict(lock.blacklist),
            "other_members": self.other_members(),
            "runner": dict(contents.runner),
            "serial": contents.serial,
            "signatures": [
                {"fingerprint": signer.fingerprint, "principals": signer.principals} for signer in self.signers
            ],
        }
