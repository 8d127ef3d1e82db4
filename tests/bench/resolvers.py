"""Our `compile` and `uv pip compile` as commands that do the same job."""

import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import NormalizedName, canonicalize_name
from packaging.version import Version

from locks import Target
from locks.read import read_lock

from compiler import Manifest, read_manifest
from compiler.manifest.model import Variant

from .surroundings import environment

STACKS = Path(__file__).parent / "stacks"
VENVAULT = str(Path(sys.executable).with_name("venvault"))
Picks = dict[NormalizedName, Version]

# Under the first of these names uv takes glibc 2.28 for the oldest, as we do.
_UV_PLATFORMS = {
    "linux-x86_64": "x86_64-unknown-linux-gnu",
    "linux-aarch64": "aarch64-unknown-linux-gnu",
    "windows-x86_64": "x86_64-pc-windows-msvc",
    "macos-arm64": "aarch64-apple-darwin",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Stack:
    """A manifest whose every target both can resolve: nothing in it that only we know."""

    path: Path
    manifest: Manifest


def read_stack(path: Path) -> Stack:
    """Read a manifest.

    Raises:
        ManifestError: it is none.
    """
    return Stack(path=path, manifest=read_manifest(path.read_text("utf-8"), document=str(path)))


def ours(stack: Stack, *, out: Path, cache: Path, platform: str = "") -> list[str]:
    """Give the command that locks a stack's targets, or the one of a platform."""
    only = ["--platform", platform] if platform else []
    return [VENVAULT, "compile", str(stack.path), "--out", str(out), "--cache", str(cache), *only]


@dataclass(frozen=True, slots=True, kw_only=True)
class Uv:
    """A uv, as it is or told to keep project pages."""

    executable: str
    configuration: Path | None = None
    """By which it believes project pages for ten minutes, as we do, and files for ever. Without it, it asks again for
    most of them where the registry says nothing of how long they hold."""

    def __str__(self) -> str:
        return "uv, told to keep answers" if self.configuration else "uv"

    def environment(self) -> dict[str, str]:
        """Give the environment to run it in."""
        given = environment()
        return {name: value for name, value in given.items() if not (self.configuration and name == "UV_DEFAULT_INDEX")}

    def command(self, stack: Stack, variant: Variant, target: Target, *, out: Path, cache: Path) -> list[str]:
        """Give the command for one target; it takes our requirement lines from a file that is written beside `out`."""
        lines = (*variant.requirements, *stack.manifest.requirements)
        source = out.with_suffix(".in")
        source.write_text("".join(f"{line}\n" for line in lines), "utf-8")
        cutoff = stack.manifest.cutoff.day
        return [
            *(self.executable, "pip", "compile", str(source), "--output-file", str(out), "--cache-dir", str(cache)),
            *("--python-version", target.python, "--python-platform", _UV_PLATFORMS[target.platform.name]),
            *("--quiet", "--no-header", "--no-annotate", "--generate-hashes", "--only-binary", ":all:"),
            *(["--config-file", str(self.configuration)] if self.configuration else ["--no-config"]),
            *(["--exclude-newer", str(cutoff)] if cutoff else []),
        ]


def write_configuration(folder: Path) -> Path:
    """Write the configuration by which uv keeps what the index told it."""
    path = folder / "uv.toml"
    index = environment()["UV_DEFAULT_INDEX"]
    believed = '{ api = "max-age=600", files = "max-age=31536000, immutable" }'
    path.write_text(f'[[index]]\nurl = "{index}"\ndefault = true\ncache-control = {believed}\n', "utf-8")
    return path


def uv_floor(target: Target) -> dict[str, str]:
    """Give the variable by which uv learns the oldest macOS; its own is older than ours."""
    if target.platform.floor_of != "macos":
        return {}
    return {"MACOSX_DEPLOYMENT_TARGET": ".".join(map(str, target.floor or ()))}


def our_picks(target: Target, folder: Path) -> Picks:
    """Read our lock of a target.

    Raises:
        LockError: it is none.
    """
    path = folder / f"pylock.{target.name}.toml"
    return {wheel.name: wheel.version for wheel in read_lock(path.read_bytes(), document=str(path)).wheels}


def _pins(lines: Iterable[str]) -> Iterator[Requirement]:
    for line in lines:
        if "==" in line:
            yield Requirement(line.rstrip("\\").strip())


def uv_picks(path: Path) -> Picks:
    """Read the pins of a requirements file that uv wrote."""
    pins = _pins(path.read_text("utf-8").splitlines())
    return {canonicalize_name(pin.name): Version(next(iter(pin.specifier)).version) for pin in pins}
