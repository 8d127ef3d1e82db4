"""`apply` against uv and pip: the same wheels into a new environment, from local files, all hashes checked.

And against the disk itself: as many bytes written to one file, and brought to the disk.
"""

import sys
import zipfile
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from applier.bundle.reader import Bundle
from tests.bundles import make_bundle
from tests.wheels import Wheel, make_wheel

from .figures import Contest
from .measure import Sample, in_a_row, measure
from .resolvers import VENVAULT
from .rounds import contests_of, in_turn, run_alone
from .surroundings import environment

PEERS = ("uv", "pip", "disk")
_OURS = ("tool", "bundle.zip")
_WRITE = """\
import os, sys
piece, left = os.urandom(1 << 20), int(sys.argv[2])
with open(sys.argv[1], "wb", buffering=0) as sink:
    while left > 0:
        left -= sink.write(piece[:left])
    os.fsync(sink.fileno())
"""
_WHEELS, _FILES, _LARGE_BYTES = 12, 150, 40_000_000


def small_wheels() -> list[Wheel]:
    """Make wheels of many small files."""
    return [
        make_wheel(
            f"small{number}", "1.0", files={f"small{number}/m{each}.py": "x = 1\n" * 500 for each in range(_FILES)}
        )
        for number in range(_WHEELS)
    ]


def large_wheel() -> Wheel:
    """Make a wheel of one large file."""
    return make_wheel("large", "1.0", files={"large/data.bin": bytes(range(256)) * (_LARGE_BYTES // 256)})


def generated_bundle(folder: Path) -> Path:
    """Make a bundle of many small files and one large, as real ones have; without checks."""
    return make_bundle(folder / "bundle.zip", *small_wheels(), large_wheel())


def _ours(form: str, bundle: Path, place: Path, folder: Path) -> Sample:
    start = [VENVAULT, "apply"] if form == "tool" else [sys.executable]
    command = [*start, str(bundle), "--into", str(place), "--yes", "--no-keep"]
    return measure(command, environment=environment(), folder=folder, of_tree=True)


def _disks(size_bytes: int, folder: Path) -> Sample:
    command = [sys.executable, "-I", "-S", "-c", _WRITE, str(folder / "bytes"), str(size_bytes)]
    return measure(command, environment=environment(), folder=folder, of_tree=True)


def _theirs(peer: str, uv: str, unzipped: Path, place: Path, folder: Path) -> Sample:
    python = str(place / "bin" / "python")
    wanted = ["--no-deps", "--no-index", "--find-links", str(unzipped / "wheels"), "--require-hashes"]
    wanted += ["-r", str(unzipped / "requirements.txt")]
    if peer == "uv":
        making = [uv, "venv", "-q", "--python", sys.executable, str(place)]
        installing = [uv, "pip", "install", "-q", "--offline", "--python", python, *wanted]
    else:
        making = [sys.executable, "-m", "venv", str(place)]
        installing = [python, "-m", "pip", "install", "-q", "--disable-pip-version-check", *wanted]
    more = {"UV_LINK_MODE": "copy", "UV_NO_CONFIG": "1", "UV_CACHE_DIR": str(folder / "cache")}
    alone = environment() | more
    return in_a_row(
        measure(command, environment=alone, folder=folder, of_tree=True) for command in (making, installing)
    )


def _round(bundle: Path, unzipped: Path, uv: str, peers: Iterable[str], where: Path) -> Mapping[str, Sample]:
    """Run every contender once, each in an empty folder of `where`."""

    def run(name: str, folder: Path) -> Sample:
        if name in _OURS:
            return _ours(name, bundle, folder / "env", folder)
        if name == "disk":
            return _disks(Bundle.open(bundle).contents.installed_bytes, folder)
        return _theirs(name, uv, unzipped, folder / "env", folder)

    return {name: run_alone(partial(run, name), where) for name in (*_OURS, *peers)}


def contests(
    bundle: Path,
    uv: str,
    *,
    places: Iterable[Path],
    peers: Iterable[str],
    rounds: int,
    most_s: float,
    report: Callable[[str], None],
) -> list[Contest]:
    """Run all contenders in turn, `rounds` times, in each of `places` (a disk's folder, a memory file system's).

    No further round is begun that would likely end later than `most_s` seconds after the first one's beginning.

    Raises:
        CommandFailed: one of them cannot do it.
        IndexUnavailable: pip's configuration cannot be read.
    """
    peers = tuple(peers)
    with TemporaryDirectory(dir=bundle.parent) as text:
        with zipfile.ZipFile(bundle) as archive:
            archive.extractall(text)
        run_all = partial(_round, bundle, Path(text), uv, peers)
        runs = in_turn(places, run_all, rounds=rounds, most_s=most_s, report=report)
    return contests_of(runs, ((form, peer) for peer in peers for form in _OURS))
