"""The runner: the pure-Python files that let a bundle apply itself with nothing but Python on the machine."""

import importlib.util
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import distribution
from pathlib import Path, PurePosixPath

from locks import Target

from applier.bundle.layout import BESIDE, MAIN, RUNNER
from applier.environment.scheme import is_windows

from .archive import write_archive
from .texts import beside_main_text

_OURS = ("applier", "locks")
_BORROWED = {"click": "click", "installer": "installer", "packaging": "packaging", "pynvml": "nvidia-ml-py"}
"""Import name -> distribution."""
# No use on the target: the index client, which speaks to the network, the stacks we ship, and what needs rich.
_LEFT_AT_HOME = {PurePosixPath("locks/index"), PurePosixPath("locks/stacks"), PurePosixPath("locks/showing/bar.py")}
_LAUNCHERS = {"t64.exe", "w64.exe"}
_DATA = {"cuda.json", "problems.toml"}
"""What of ours is no Python and travels all the same."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Runner:
    """The runner's members, and what they were taken from."""

    members: dict[str, bytes]
    """Member name -> bytes."""
    versions: tuple[tuple[str, str], ...]
    """Distributions it was made of, with versions, sorted: the same ones give the same bytes."""


def _location(module: str) -> Path:
    spec = importlib.util.find_spec(module)
    assert spec is not None, f"{module} is a dependency of venvault"
    assert spec.origin is not None, f"{module} has a file"
    path = Path(spec.origin)
    return path.parent if path.name == "__init__.py" else path


def _wanted(path: Path, target: Target | None) -> bool:
    if path.suffix == ".exe":
        return (target is None or is_windows(target)) and path.name in _LAUNCHERS
    return path.suffix == ".py" or path.name in _DATA


def _module_files(module: str, target: Target | None) -> Iterator[tuple[str, bytes]]:
    location = _location(module)
    if location.is_file():
        yield location.name, location.read_bytes()
        return
    for path in sorted(location.rglob("*")):
        relative = PurePosixPath(path.relative_to(location.parent).as_posix())
        if not _LEFT_AT_HOME & {relative, *relative.parents} and path.is_file() and _wanted(path, target):
            yield str(relative), path.read_bytes()


def _licences(name: str) -> Iterator[tuple[str, bytes]]:
    for file in distribution(name).files or ():
        if file.name.upper().startswith(("LICEN", "COPYING")) and ".dist-info" in str(file):
            yield f"licences/{name}/{file.name}", Path(str(file.locate())).read_bytes()


def collect_runner(target: Target | None) -> Runner:
    """Gather the runner for one target, or for any, from the modules installed here."""
    members: dict[str, bytes] = {}
    for module in (*_OURS, *_BORROWED):
        members |= {f"{RUNNER}/{name}": data for name, data in _module_files(module, target)}
    for name in ("venvault", *_BORROWED.values()):
        members |= {f"{RUNNER}/{path}": data for path, data in _licences(name)}
    versions = sorted((name, distribution(name).version) for name in ("venvault", *_BORROWED.values()))
    return Runner(members=members, versions=tuple(versions))


def write_beside(folder: Path) -> Path:
    """Write the runner alone, for bundles in that folder that cannot start themselves; over an older one.

    The same bytes whichever bundle it is written for.
    """
    path = folder / BESIDE
    main = {MAIN: beside_main_text().encode("utf-8")}
    write_archive(path, {**main, **collect_runner(None).members})
    return path
