"""What is refused before a bundle leaves the desk, whatever the target would say of it."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from locks import Problem
from locks.progress import Progress, Reporter

from applier.environment.scheme import longest_path
from bundler.bundle import write_bundle
from bundler.desk import FOLDER_ALLOWANCE
from bundler.errors import WheelConflict
from compiler.write import to_bytes
from tests.bundles import fill_store, make_lock, nowhere, target_on, write_bundle_of
from tests.hostile.parts import Parts
from tests.hostile.rawzip import RawZip, deflate
from tests.hostile.valid import VALID
from tests.wheels import RecordRow, Wheel, make_wheel

WINDOWS = target_on("windows-x86_64")
DEEP = "Lib/site-packages/"


def bundle(tmp_path: Path, *wheels: Wheel, **more: Any) -> list[str]:
    """Bundle wheels, and give what was reported."""
    lines: list[str] = []

    class Lines(Reporter):
        def started(self, progress: Progress) -> None:
            lines.append(progress.phase)

        def noted(self, line: str) -> None:
            lines.append(line)

    lock = make_lock(wheels, **more)
    store = fill_store(tmp_path / "store", wheels)
    path = tmp_path / "b.zip"
    write_bundle(lock, to_bytes(lock), path, store=store, open_sources=nowhere, reporter=Lines())
    return lines


def refused(tmp_path: Path, *wheels: Wheel, **more: Any) -> tuple[Problem, ...]:
    """Bundle wheels that must not be; the problems. No bundle is there afterwards."""
    with pytest.raises(WheelConflict) as caught:
        bundle(tmp_path, *wheels, **more)
    assert not (tmp_path / "b.zip").exists()
    return caught.value.problems


# Paths.


@pytest.mark.parametrize(("spare", "is_refused"), [(0, False), (-1, True)])
def test_windows_paths_leave_room_for_the_folder(spare: int, *, is_refused: bool, tmp_path: Path) -> None:
    """The longest path of a Windows target, made here, may have as many characters as the allowance leaves."""
    length = longest_path(WINDOWS) - len(".venvault-previous") - 1 - FOLDER_ALLOWANCE - spare
    name = "x" * (length - len(DEEP) - len("d/.py"))
    wheel = make_wheel("a", "1", files={f"d/{name}.py": ""})
    if is_refused:
        (problem,) = refused(tmp_path, wheel, target=WINDOWS)
        assert (problem.code, problem.found) == ("path-too-long", f"{length} characters")
        assert problem.where == f"a-1-py3-none-any.whl: '{DEEP}d/{name}.py'"
    else:
        assert f"folder may have {FOLDER_ALLOWANCE} characters" in bundle(tmp_path, wheel, target=WINDOWS)[-2]


def test_other_systems_have_room_enough(tmp_path: Path) -> None:
    """What is too long for Windows is not for Linux, where nothing is said of it either."""
    lines = bundle(tmp_path, make_wheel("a", "1", files={f"d/{'x' * 250}.py": ""}), target=target_on("linux-x86_64"))

    assert not [line for line in lines if "longest path" in line]


# Contents.


@pytest.fixture(params=["isal", "zlib"])
def _inflated_by(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where isal is installed, and where it is not."""
    if request.param == "zlib":
        monkeypatch.setitem(sys.modules, "isal", None)


def lying(name: str) -> Callable[[list[RecordRow]], list[RecordRow]]:
    """Give one file the digest of another content."""
    other = "sha256=" + "A" * 43
    return lambda rows: [(path, other if path.endswith(name) else hash_, size) for path, hash_, size in rows]


@pytest.mark.usefixtures("_inflated_by")
@pytest.mark.parametrize("name", ["a.py", "METADATA", "a.pyc"])
def test_a_file_that_is_not_as_recorded_never_leaves(name: str, tmp_path: Path) -> None:
    """Every member is read, those that are never installed too."""
    files = {"a.py": "x", "__pycache__/a.pyc": "x"}
    (problem,) = refused(tmp_path, make_wheel("a", "1", files=files, record_rows=lying(name)))

    assert problem.code == "file-not-as-recorded"
    assert problem.where.startswith("a-1-py3-none-any.whl: '")
    assert problem.where.endswith(f"{name}'")


def _data_behind(archive: RawZip) -> None:
    archive.members[0].body = deflate(archive.members[0].data) + b"more"


def _lying_checksum(archive: RawZip) -> None:
    archive.members[0].local["crc"] = archive.members[0].central["crc"] = 1


def _no_deflated_data(archive: RawZip) -> None:
    archive.members[0].body = b"\xff\xff"


@pytest.mark.usefixtures("_inflated_by")
@pytest.mark.parametrize("damage", [_data_behind, _lying_checksum, _no_deflated_data])
def test_data_that_two_readers_read_differently_never_leaves(damage: Callable[[RawZip], None], tmp_path: Path) -> None:
    """What only inflating shows is found at the desk."""
    (problem,) = refused(tmp_path, Parts(frame=damage).build())

    assert (problem.code, problem.where) == ("wheel-misframed", "demo-1.0-py3-none-any.whl: 'demo/__init__.py'")


def test_all_that_is_wrong_is_told_at_once(tmp_path: Path) -> None:
    """Paths, CUDA majors and contents of several wheels come together."""
    problems = refused(
        tmp_path,
        make_wheel("a", "1", files={"a.py": "x"}, record_rows=lying("a.py")),
        make_wheel("b", "1", files={f"{'b' * 200}.py": ""}),
        make_wheel("nvidia-nccl-cu13", "1", files={"n.py": ""}),
        target=target_on("windows-x86_64", "cu124"),
    )

    assert [problem.code for problem in problems] == ["cuda-majors-mixed", "path-too-long", "file-not-as-recorded"]


def test_a_wheel_is_read_once_in_the_life_of_a_store(tmp_path: Path) -> None:
    """What was proven of a wheel's sha256 is not proven again; of one that was refused nothing was."""
    wheel = make_wheel("a", "1")
    bad = make_wheel("b", "1", files={"b.py": "x"}, record_rows=lying("b.py"))

    assert "reading" in bundle(tmp_path, wheel)
    assert "reading" not in bundle(tmp_path, wheel)
    (tmp_path / "b.zip").unlink()
    for _ in range(2):
        assert [problem.code for problem in refused(tmp_path, wheel, bad)] == ["file-not-as-recorded"]


def test_a_store_that_takes_no_notes_is_read_again(tmp_path: Path) -> None:
    """The notes save time and are no condition."""
    (tmp_path / "store").mkdir()
    (tmp_path / "store" / "contents").write_bytes(b"in the way of the notes")
    for _ in range(2):
        assert "reading" in bundle(tmp_path, make_wheel("a", "1"))


def test_the_odd_but_valid_wheels_pass_the_desk(tmp_path: Path) -> None:
    """None of the corpus is refused by what is checked here alone."""
    for number, parts in enumerate(VALID.values()):
        wheel = parts.build()
        write_bundle_of(make_lock([wheel], target=target_on("linux-x86_64")), [wheel], tmp_path / f"{number}.zip")
