"""The write pass: what is written is what RECORD says, in its final form, and nothing is written over."""

import base64
import csv
import hashlib
import os
import stat
import sys
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest

from locks import Error
from locks.progress import SILENT, Reporter

from applier.bundle.layout import wheel_member
from applier.bundle.reader import Bundle
from applier.environment.receipt import InstalledFile
from applier.environment.scheme import scheme_paths
from applier.environment.sharing import Sharing
from applier.errors import BundleDamaged, CheckFailed
from applier.unpacking.crew import Crew, hired
from applier.wheels.install import install_wheels
from applier.wheels.plan import plan_wheels
from bundler.archive import write_archive
from tests.bundles import bare_members, demo_wheels, running_target
from tests.crews import hired_here
from tests.reporters import Told
from tests.wheels import RecordRow, Wheel, make_wheel

SITE = scheme_paths(running_target(), "x")["purelib"]
FINAL = Path("/final place/.venv")


def install(
    tmp_path: Path,
    *wheels: Wheel,
    hire: Callable[..., AbstractContextManager[Crew]] = hired,
    reporter: Reporter = SILENT,
    go_on: Callable[[], None] = lambda: None,
) -> tuple[Path, dict[str, InstalledFile]]:
    """Install wheels into a bare folder; give it and what was written."""
    path, staging = tmp_path / "bundle.zip", tmp_path / "staging"
    staging.mkdir(exist_ok=True)
    write_archive(path, bare_members(*wheels))
    bundle = Bundle.open(path)
    plan = plan_wheels(
        bundle.lock.in_install_order(),
        bundle.lock.target,
        lambda wheel: bundle.open_member(wheel_member(wheel.filename)),
    )
    sharing = Sharing(FINAL, staging, {}, read_only=False)
    with hire(staging, workers=2) as crew:
        written = install_wheels(
            bundle,
            plan,
            crew,
            staging=staging,
            final=FINAL,
            sharing=sharing,
            reporter=reporter,
            go_on=go_on,
        )
    return staging, written


def test_progress_counts_the_bytes_and_files_written(tmp_path: Path) -> None:
    """At the end of the phase all that the plan foresaw is written, and no more."""
    told = Told()
    install(tmp_path, reporter=told)
    done = told.ended["installing"]

    assert (done.done_bytes, done.done) == (done.total_bytes, done.total)
    assert done.done_bytes > done.done > 0
    assert done.item in ("demo 1.0", "extra 2.0")


def digest(data: bytes, name: str = "sha256") -> str:
    """A digest in RECORD's spelling."""
    return base64.urlsafe_b64encode(hashlib.new(name, data).digest()).decode().rstrip("=")


def test_everything_written_is_reported_with_its_hash(tmp_path: Path) -> None:
    """The result lists exactly the files that are there, each with the digest and size of its bytes."""
    staging, written = install(tmp_path)
    found = {path.relative_to(staging).as_posix(): path.read_bytes() for path in staging.rglob("*") if path.is_file()}

    assert written == {path: InstalledFile(sha256=digest(data), size_bytes=len(data)) for path, data in found.items()}


def test_files_lie_where_the_plan_says(tmp_path: Path) -> None:
    """Modules, data, headers and scripts are in place; bytecode that a wheel ships is not."""
    _, written = install(tmp_path)
    suffix = ".exe" if os.name == "nt" else ""
    scripts, headers = (
        scheme_paths(running_target(), "demo")["scripts"],
        scheme_paths(running_target(), "demo")["headers"],
    )

    assert {f"{SITE}/demo/__init__.py", f"{SITE}/extra.py", "share/demo/notes.txt", f"{headers}/demo.h"} <= set(written)
    assert {f"{scripts}/demo{suffix}", f"{scripts}/demo-tool"} <= set(written)
    assert not [path for path in written if "__pycache__" in path]


def record_of(staging: Path, wheel: str) -> dict[str, tuple[str, str]]:
    """The installed RECORD: path -> (hash, size)."""
    text = (staging / SITE / f"{wheel}.dist-info" / "RECORD").read_text("utf-8")
    return {path: (hash_, size) for path, hash_, size in csv.reader(text.splitlines())}


def test_record_is_relative_and_true(tmp_path: Path) -> None:
    """Every row of the installed RECORD leads to a file from site-packages, and its hash and size are that file's."""
    staging, _ = install(tmp_path)
    rows = record_of(staging, "demo-1.0")
    own = "demo-1.0.dist-info/RECORD"

    assert rows.pop(own) == ("", "")
    assert "demo/__init__.py" in rows
    assert any(path.startswith("../") for path in rows)
    for path, (hash_, size) in rows.items():
        data = (staging / SITE / path).read_bytes()
        assert not path.startswith("/")
        assert (hash_, size) == (f"sha256={digest(data)}", str(len(data))), path


def test_records_rows_are_in_the_order_of_their_paths(tmp_path: Path) -> None:
    """Whoever wrote the file, in whatever order: the crew, or we; of a module and a script of one name each has one."""
    scripts = {"scripts/set": "#!python\n", "scripts/left": "#!/bin/sh\n", f"data/{SITE}/inside.py": ""}
    entry_points = "[console_scripts]\nmodule.py = module:f\n"
    files = {"module.py": "", "zz/large.bin": "x" * (1 << 20), "a.txt": ""}
    wheel = make_wheel("many", "1", files=files, data_files=scripts, entry_points=entry_points)
    staging, written = install(tmp_path, wheel)
    rows = list(record_of(staging, "many-1"))

    assert rows == sorted(rows)
    assert {(staging / SITE / row).resolve() for row in rows} == {(staging / path).resolve() for path in written}
    assert len(rows) == len(written)
    assert "inside.py" in rows


def test_a_shared_file_stands_in_both_records(tmp_path: Path) -> None:
    """Of a file that two wheels bring, both say that they own it."""
    staging, _ = install(tmp_path)

    assert record_of(staging, "demo-1.0")["shared/__init__.py"] == record_of(staging, "extra-2.0")["shared/__init__.py"]


def test_the_installer_is_named(tmp_path: Path) -> None:
    """Each package says that venvault installed it."""
    staging, _ = install(tmp_path)

    assert (staging / SITE / "demo-1.0.dist-info" / "INSTALLER").read_text() == "venvault\n"


@pytest.mark.skipif(os.name == "nt", reason="Windows has launchers instead")
def test_scripts_have_the_final_path(tmp_path: Path) -> None:
    """Generated scripts and shipped ones name the interpreter of the final place, never the staging one."""
    staging, _ = install(tmp_path)
    for name in ("demo", "demo-tool"):
        text = (staging / "bin" / name).read_text()

        assert f"{FINAL}/bin/python" in text
        assert str(staging) not in text


def test_a_script_for_another_interpreter_is_left_as_it_is(tmp_path: Path) -> None:
    """Only `#!python` stands for the environment's own; a shell script, or a program, is installed byte for byte."""
    scripts = {"scripts/shell": b"#!/bin/sh\n", "scripts/program": b"\x7fELF\0\n#!python\n"}
    staging, _ = install(tmp_path, make_wheel("a", "1", data_files=scripts))
    folder = staging / scheme_paths(running_target(), "a")["scripts"]

    assert {f"scripts/{path.name}": path.read_bytes() for path in folder.iterdir()} == scripts


@pytest.mark.skipif(os.name == "nt", reason="Windows has no modes")
def test_modes_follow_the_users_umask(tmp_path: Path) -> None:
    """Scripts may be run by whoever may read them; nothing is writable for others."""
    before = os.umask(0o022)
    try:
        staging, written = install(tmp_path)
    finally:
        os.umask(before)
    modes = {path: stat.S_IMODE((staging / path).stat().st_mode) for path in written}

    assert {mode for path, mode in modes.items() if path.startswith("bin/")} == {0o755}
    assert {mode for path, mode in modes.items() if not path.startswith("bin/")} == {0o644}


def test_the_umask_is_left_alone_while_files_are_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The umask belongs to the whole process: a worker that sets it opens another's files to all."""
    umask = os.umask
    setters: list[str] = []

    def note(mask: int) -> int:
        if threading.current_thread() is not threading.main_thread():
            setters.append(threading.current_thread().name)
        return umask(mask)

    monkeypatch.setattr(os, "umask", note)
    install(tmp_path)

    assert not setters


def test_two_wheels_may_make_one_folder_at_the_same_moment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder that another worker makes between our looking and our making it is no failure."""
    mkdir = os.mkdir
    raced: list[str] = []

    def lose_the_race(path: Path, mode: int = 0o777, **more: Any) -> None:
        mkdir(path, mode, **more)
        if Path(path).name == "shared" and not raced:
            raced.append(os.fspath(path))
            raise FileExistsError(17, "File exists", os.fspath(path))

    monkeypatch.setattr(os, "mkdir", lose_the_race)
    _, written = install(tmp_path, hire=hired_here)

    assert raced
    assert f"{SITE}/shared/__init__.py" in written


def lying(path: str) -> Any:
    """Give one file of a wheel a hash that is not its own."""

    def change(rows: list[RecordRow]) -> list[RecordRow]:
        return [(name, f"sha256={digest(b'other')}" if name == path else hash_, size) for name, hash_, size in rows]

    return change


def with_algorithm(name: str, data: bytes) -> Any:
    """Hash the first file with another algorithm."""

    def change(rows: list[RecordRow]) -> list[RecordRow]:
        return [(rows[0][0], f"{name}={digest(data, name)}", rows[0][2]), *rows[1:]]

    return change


@pytest.mark.parametrize(
    ("wheel", "place"),
    [
        pytest.param(make_wheel("a", "1", files={"a.py": "x"}, record_rows=lying("a.py")), f"{SITE}/a.py", id="module"),
        pytest.param(
            make_wheel("a", "1", files={}, data_files={"data/x": "x"}, record_rows=lying("a-1.data/data/x")),
            "x",
            id="data",
        ),
        pytest.param(
            make_wheel(
                "a",
                "1",
                files={},
                data_files={"scripts/tool": "#!python\n"},
                record_rows=lying("a-1.data/scripts/tool"),
            ),
            f"{scheme_paths(running_target(), 'x')['scripts']}/tool",
            id="script whose first line is replaced",
        ),
        pytest.param(
            make_wheel("a", "1", files={"a.py": "x"}, record_rows=with_algorithm("sha512", b"other")),
            f"{SITE}/a.py",
            id="another algorithm",
        ),
    ],
)
def test_a_file_that_is_not_as_recorded_is_refused(wheel: Wheel, place: str, tmp_path: Path) -> None:
    """Bytes that differ from RECORD are damage; wheel and file are named."""
    with pytest.raises(BundleDamaged) as caught:
        install(tmp_path, wheel)
    (problem,) = caught.value.problems

    assert (problem.code, problem.where) == ("file-not-as-recorded", f"{wheel.filename}: {place}")


def test_the_second_of_two_shared_files_is_checked_too(tmp_path: Path) -> None:
    """A wheel that claims the shared digest but holds other bytes is refused, though they are never written."""
    first = make_wheel("a", "1", files={"ns.py": "same"})
    second = make_wheel(
        "b",
        "1",
        files={"ns.py": "evil"},
        record_rows=lambda rows: [
            (name, f"sha256={digest(b'same')}" if name == "ns.py" else h, s) for name, h, s in rows
        ],
    )
    with pytest.raises(BundleDamaged, match=r"b-1-py3-none-any\.whl"):
        install(tmp_path, first, second)


@pytest.mark.parametrize("name", ["sha384", "sha512"])
def test_other_strong_hashes_are_checked_and_ours_is_written(name: str, tmp_path: Path) -> None:
    """A RECORD with another strong hash is held against the bytes; the installed one has sha256."""
    wheel = make_wheel("a", "1", files={"a.py": "x"}, record_rows=with_algorithm(name, b"x"))
    staging, _ = install(tmp_path, wheel)

    assert record_of(staging, "a-1")["a.py"] == (f"sha256={digest(b'x')}", "1")


def broken(wheel: Wheel, content: bytes) -> Wheel:
    """Flip a bit of a member that is stored in the wheel, so that its checksum is wrong."""
    place = wheel.data.index(content)
    data = bytearray(wheel.data)
    data[place] ^= 1
    return Wheel(filename=wheel.filename, data=bytes(data), metadata=wheel.metadata)


def test_a_member_with_a_wrong_checksum_is_refused(tmp_path: Path) -> None:
    """A wheel that was broken before it was locked is damage that names the wheel, not a traceback."""
    wheel = make_wheel("a", "1", padding_bytes=5000)
    start = wheel.data.index(b"a/padding.bin") + len(b"a/padding.bin")
    with pytest.raises(BundleDamaged) as caught:
        install(tmp_path, broken(wheel, wheel.data[start : start + 100]))

    assert caught.value.problems[0].where.startswith(wheel.filename)


def test_a_failure_stops_the_other_wheels(tmp_path: Path) -> None:
    """After the first failure no further wheel is begun, and the error is the first one's."""
    bad = make_wheel("bad", "1", padding_bytes=50_000, record_rows=lying("bad/padding.bin"))
    with pytest.raises(Error, match=r"bad/padding\.bin"):
        install(tmp_path, bad, *demo_wheels())


def test_whoever_will_not_go_on_is_heard_in_the_middle_of_a_wheel(tmp_path: Path) -> None:
    """A failed check ends it while the first wheel is written, not when that is done."""
    asked: list[None] = []

    def refuse() -> None:
        asked.append(None)
        raise CheckFailed(())

    told = Told()
    with pytest.raises(CheckFailed):
        install(tmp_path, make_wheel("a", "1", padding_bytes=40_000_000), reporter=told, go_on=refuse)

    assert (len(asked), told.lines) == (1, [])


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has launchers instead")
def test_nothing_is_written_over(tmp_path: Path) -> None:
    """A file that is in the way is neither replaced nor written through."""
    target = tmp_path / "precious"
    target.write_text("kept")
    (tmp_path / "staging" / "bin").mkdir(parents=True)
    (tmp_path / "staging" / "bin" / "demo").symlink_to(target)
    with pytest.raises(FileExistsError):
        install(tmp_path)

    assert target.read_text() == "kept"


@pytest.mark.parametrize("script", ["#!python\nprint()\n", "#!/bin/sh\n"])
def test_a_script_that_two_wheels_bring_is_written_once(script: str, tmp_path: Path) -> None:
    """Both list it, with the digest of what is there."""
    staging, written = install(tmp_path, *(make_wheel(name, "1", data_files={"scripts/s": script}) for name in "ab"))
    (path,) = (path for path in written if path.rpartition("/")[2] == "s")
    row = f"/{path},sha256={digest((staging / path).read_bytes())},{written[path].size_bytes}"

    for name in "ab":
        assert row in (staging / f"{SITE}/{name}-1.dist-info/RECORD").read_text()
