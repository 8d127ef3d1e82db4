"""Apply where an environment of ours stands: what it holds is taken over, and it comes to no harm by that."""

import os
import re
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from packaging.utils import canonicalize_name

from locks import Check
from locks.digest import sha256_of_bytes

import applier.apply
import applier.unpacking.take
import tests.crews
from applier.apply import apply_bundle
from applier.bundle.layout import CONTENTS
from applier.bundle.reader import Bundle
from applier.digest import FileDigest
from applier.environment.holders import Holder
from applier.environment.receipt import Receipt
from applier.environment.scheme import OUTLINES, RECEIPT, scheme_paths
from applier.environment.siblings import Place, Siblings
from applier.environment.tree import read_files
from applier.errors import ApplyRefused, BundleDamaged, CheckFailed
from applier.framing.inflate import find_inflater
from applier.held import look_at_held
from applier.options import Options
from applier.rollback import roll_back
from applier.unpacking.crew import Crew, hired
from applier.verifying.verify import verify_environment
from tests.bundles import flip_bit, make_bundle, put_member, read_members, running_machine, running_target
from tests.crews import CrewHere, hired_here, on_a_file_system_without_clones
from tests.faults import snapshot
from tests.reporters import Told
from tests.wheels import Wheel, make_wheel

MACHINE = running_machine()
PREFIX = Path(sys.prefix).resolve()
SITE = scheme_paths(running_target(), "x")["purelib"]
STAYS = f"{SITE}/stays/data.txt"
LARGE = 1 << 20

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="counts links, and modes of POSIX")


@pytest.fixture(autouse=True)
def inflated(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The crew works in this process, without clones; every stream that is inflated is noted."""
    streams: list[int] = []

    class Counting:
        error, crc32 = find_inflater(None).error, find_inflater(None).crc32

        def decompressobj(self, wbits: int) -> object:
            streams.append(wbits)
            return find_inflater(None).decompressobj(wbits)

    monkeypatch.setattr(applier.apply, "hired", hired_here)
    monkeypatch.setattr(tests.crews, "find_inflater", lambda accelerator: Counting())
    on_a_file_system_without_clones(monkeypatch)
    return streams


def _wheels(version: str) -> tuple[Wheel, Wheel]:
    """One package that goes from version to version, and one that stays."""
    goes = make_wheel("goes", version, files={"goes.py": f"version = {version!r}\n", "goes_on.py": "same = 1\n"})
    stays = {"stays/__init__.py": "from . import inner\n", "stays/inner.py": "", "stays/data.txt": "as it was\n"}
    script = {"scripts/stay": "#!python\n"}
    entry_points = "[console_scripts]\ns = stays:f\n"
    return goes, make_wheel("stays", "1", files=stays, data_files=script, entry_points=entry_points)


def bundle_of(folder: Path, version: str, *, code: str = "", critical: bool = True) -> Path:
    """The bundle of one version; `code` is that of its check."""
    folder.mkdir(exist_ok=True)
    after = (canonicalize_name("stays"), canonicalize_name("goes"))
    checks = (Check(name="the check", code=code, after=after, critical=critical),) if code else ()
    return make_bundle(folder / f"bundle-{version}.zip", *_wheels(version), checks=checks)


def apply(bundle: Path, place: Path, told: Told | None = None, **options: bool) -> Receipt:
    """Apply, also what is in place."""
    wishes, reporter = Options(**({"force": True} | options)), told or Told()
    return apply_bundle(
        bundle, place, machine=MACHINE, running_prefix=PREFIX, options=wishes, reporter=reporter
    ).receipt


def previous(place: Path) -> Path:
    """Where the environment before is kept."""
    return Siblings(place).at(Place.PREVIOUS)


def shared(place: Path) -> set[str]:
    """The files that the environment has in common with the one before."""
    files = {path.relative_to(place).as_posix(): path for path in place.rglob("*") if path.is_file()}
    both = {name for name in files if (previous(place) / name).is_file()}
    return {name for name in both if files[name].samefile(previous(place) / name) and not files[name].is_symlink()}


def names(receipt: Receipt, *, but: tuple[str, ...] = ("RECORD", "INSTALLER")) -> set[str]:
    """What the wheels' own files are, of those below site-packages."""
    return {path for path in receipt.files if path.startswith(SITE) and not path.endswith(but)}


def is_clean(place: Path) -> bool:
    """Whether every file of the environment is as its receipt has it."""
    return verify_environment(place, machine=MACHINE, files_only=True).is_clean


def test_the_same_bundle_again_inflates_nothing(tmp_path: Path, inflated: list[int]) -> None:
    """Every file of a wheel is the one that was there; what is made while installing is made anew."""
    bundle, place, told = bundle_of(tmp_path, "1"), tmp_path / ".venv", Told()
    first = apply(bundle, place)
    before = snapshot(place)
    inflated.clear()
    second = apply(bundle, place, told)

    assert inflated == []
    assert shared(place) == names(second)
    assert second.files == first.files
    assert f"took {len(names(second))} files from {place}" in told.notes
    assert is_clean(place)
    assert snapshot(previous(place)) == before


def test_a_large_file_is_hashed_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """While the rest is planned; what is altered after that is found all the same."""
    place, path, hashed = tmp_path / ".venv", f"{SITE}/large.bin", list[int]()
    wheel = make_wheel("large", "1", files={"large.py": "", "large.bin": "x" * LARGE})
    bundle = make_bundle(tmp_path / "bundle.zip", wheel)
    apply(bundle, place)

    class Counting(FileDigest):
        def update(self, chunk: "bytes | memoryview") -> None:
            hashed.append(len(chunk))
            super().update(chunk)

    class Between(Told):
        def __init__(self, do: Callable[[], object]) -> None:
            super().__init__()
            self.do = do

        def entered(self, step: str) -> None:
            if step == "preparing":
                self.do()

    monkeypatch.setattr(applier.unpacking.take, "FileDigest", Counting)
    apply(bundle, place, Between(lambda: hashed.append(-sum(hashed))))
    assert sum(hashed) < LARGE
    assert path in shared(place)

    apply(bundle, place, Between(lambda: (place / path).write_bytes(b"y" * LARGE)))
    assert is_clean(place)
    assert (previous(place) / path).read_bytes() == b"y" * LARGE


def test_the_workers_that_look_are_nobody_who_uses_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """They may have its files open while it is asked who does."""
    place, told, asked = tmp_path / ".venv", Told(), list[Path]()
    bundle = make_bundle(tmp_path / "bundle.zip", make_wheel("large", "1", files={"large.bin": "x" * LARGE}))
    apply(bundle, place)

    @contextmanager
    def hired_and_seen(*args: Any, **options: Any) -> Iterator[Crew]:
        with hired(*args, **options) as crew:

            def find_holders(folder: Path) -> tuple[Holder, ...]:
                asked.append(folder)
                return tuple(Holder(pid=process.pid, name="worker") for process in crew._processes)

            monkeypatch.setattr("applier.preflight.use.find_holders", find_holders)
            yield crew

    monkeypatch.setattr(applier.apply, "hired", hired_and_seen)
    apply(bundle, place, told)

    assert asked == [place]
    assert told.warnings == []


def test_what_is_held_is_in_the_order_of_checks(tmp_path: Path) -> None:
    """What a check awaits comes first, when it is looked at too; in the lock the other does."""
    bundle, place = bundle_of(tmp_path, "1"), tmp_path / ".venv"
    apply(bundle, place)
    check = Check(name="the check", code="pass", after=(canonicalize_name("stays"),))
    bundle = make_bundle(tmp_path / "checked.zip", *_wheels("1"), checks=(check,))
    goes, stays = (wheel.filename for wheel in _wheels("1"))

    assert list(look_at_held(place, Bundle.open(bundle)).outlines) == [stays, goes]


def test_the_crew_stands_back_for_a_check_that_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """While wheels are still to come; what is asked for here lets the check end."""
    go, asked = tmp_path / "go", list[int]()
    wait = f"import pathlib, time\nwhile not pathlib.Path({str(go)!r}).exists(): time.sleep(0.02)"
    check = Check(name="waits", code=wait, after=(canonicalize_name("stays"),), timeout_s=60)
    bundle = make_bundle(tmp_path / "bundle.zip", *_wheels("1"), checks=(check,))

    class Noting(CrewHere):
        def leave_room(self, others: int) -> None:
            asked.append(others)
            if others:
                go.touch()

    @contextmanager
    def hired_to_note(folder: Path, *_: Any, **__: Any) -> Iterator[Crew]:
        yield Noting(folder)

    monkeypatch.setattr(applier.apply, "hired", hired_to_note)
    receipt = apply(bundle, tmp_path / ".venv")

    assert set(asked) == {0, 1}
    assert {result.outcome for result in receipt.checks} == {"passed"}


def _damage(bundle: Path, *, in_file: bool = True) -> None:
    """Flip a bit in the directory of the wheel that stays, and one in a file of it."""
    wheel = _wheels("1")[1].data
    start = bundle.read_bytes().index(wheel)
    name = b"stays/data.txt"
    for place in (wheel.rindex(name), *([wheel.index(name) + len(name)] if in_file else [])):
        flip_bit(bundle, start + place)


def test_a_wheel_is_not_read_when_all_its_files_are_there(tmp_path: Path, inflated: list[int]) -> None:
    """The bundle names the wheel's outline, the environment has it, every file is hashed: the wheel may be damaged."""
    bundle, place = bundle_of(tmp_path, "1"), tmp_path / ".venv"
    first = apply(bundle, place)
    inflated.clear()
    _damage(bundle)

    assert apply(bundle, place).files == first.files
    assert inflated == []


def test_no_byte_of_a_wheel_is_written_before_it_was_hashed(tmp_path: Path) -> None:
    """A file that was altered is inflated, so its wheel is hashed whole, and that it is damaged ends it."""
    bundle, place = bundle_of(tmp_path, "1"), tmp_path / ".venv"
    apply(bundle, place)
    (place / f"{SITE}/stays/__init__.py").write_text("from . import other\n")
    before = snapshot(place)
    _damage(bundle)
    with pytest.raises(BundleDamaged):
        apply(bundle, place)

    assert snapshot(place) == before


def test_what_the_bundle_says_nothing_of_is_hashed(tmp_path: Path) -> None:
    """A bundle without outlines, or with others, is read like any: that a wheel is damaged is found."""
    bundle, place = bundle_of(tmp_path, "1"), tmp_path / ".venv"
    apply(bundle, place)
    outlines = re.compile(rb',\s+"outline-sha256": "[0-9a-f]{64}"')
    put_member(bundle, CONTENTS, outlines.sub(b"", read_members(bundle)[CONTENTS]))
    apply(bundle, place)
    _damage(bundle)
    with pytest.raises(BundleDamaged):
        apply(bundle, place)


def test_an_outline_that_is_none_is_told_of_the_bundle(tmp_path: Path) -> None:
    """A line of the environment whose sha256 the bundle names may be anything at all; nothing is replaced then."""
    bundle, place = bundle_of(tmp_path, "1"), tmp_path / ".venv"
    apply(bundle, place)
    forged = b'{"format":1,"files":[[]]}'
    (place / OUTLINES).write_bytes(forged + b"\n")
    named = re.compile(rb'(?<="outline-sha256": ")[0-9a-f]{64}')
    put_member(bundle, CONTENTS, named.sub(sha256_of_bytes(forged).encode(), read_members(bundle)[CONTENTS]))
    before = snapshot(place)
    with pytest.raises(BundleDamaged) as caught:
        apply(bundle, place)

    assert snapshot(place) == before
    assert {problem.code for problem in caught.value.problems} == {"outline-invalid"}


def test_an_update_takes_what_stayed(tmp_path: Path, inflated: list[int]) -> None:
    """Only what another version has otherwise is inflated."""
    place = tmp_path / ".venv"
    apply(bundle_of(tmp_path / "old", "1"), place)
    inflated.clear()
    receipt = apply(bundle_of(tmp_path / "new", "2"), place, force=False)
    new = {path for path in names(receipt) if "goes" in path} - {f"{SITE}/goes_on.py"}

    assert shared(place) == names(receipt) - new
    assert len(inflated) == len(new)
    assert is_clean(place)


def test_what_was_changed_is_not_taken(tmp_path: Path) -> None:
    """Other bytes of the same size and time, as the receipt has it or not: the new environment has the bundle's."""
    bundle, place = bundle_of(tmp_path, "1"), tmp_path / ".venv"
    apply(bundle, place)
    times = (place / STAYS).stat()
    (place / STAYS).write_text("as it is.\n")
    os.utime(place / STAYS, ns=(times.st_atime_ns, times.st_mtime_ns))
    receipt = apply(bundle, place)

    assert (place / STAYS).read_text() == "as it was\n"
    assert (previous(place) / STAYS).read_text() == "as it is.\n"
    assert shared(place) == names(receipt) - {STAYS}


def test_a_forged_receipt_is_of_no_use(tmp_path: Path) -> None:
    """What the old environment says of itself is not believed: the wheel's own hashes are those that count."""
    bundle, place = bundle_of(tmp_path, "1"), tmp_path / ".venv"
    true = apply(bundle, place).files[STAYS].sha256
    (place / STAYS).write_text("as forged\n")
    forged = read_files(place, [STAYS])[STAYS]
    assert forged is not None
    (place / RECEIPT).write_text((place / RECEIPT).read_text().replace(true, forged.sha256))
    is_unnoticed = is_clean(place)
    apply(bundle, place)

    assert is_unnoticed
    assert (place / STAYS).read_text() == "as it was\n"
    assert is_clean(place)


def test_nothing_is_taken_from_what_is_not_ours(tmp_path: Path) -> None:
    """An environment without a receipt may share its files with a cache, or with anything."""
    bundle, place = bundle_of(tmp_path, "1"), tmp_path / ".venv"
    apply(bundle, place)
    (place / RECEIPT).unlink()
    apply(bundle, place)

    assert shared(place) == set()


_WRITES = (
    "import pathlib, stays; path = pathlib.Path(stays.__file__).with_name('data.txt'); stream = path.open('r+'); "
    "stream.write('overwritten'); stream.close()"
)


@pytest.mark.parametrize("ending", ["", "; 1 / 0"], ids=["and passes", "and fails"])
def test_a_check_that_writes_to_a_file_leaves_the_old_environment_whole(ending: str, tmp_path: Path) -> None:
    """A real check writes in place to what two environments have in common: neither has it in the end."""
    place, told = tmp_path / ".venv", Told()
    apply(bundle_of(tmp_path / "old", "1"), place)
    before = snapshot(place)
    bundle = bundle_of(tmp_path / "new", "2", code=_WRITES + ending)
    if ending:
        with pytest.raises(CheckFailed):
            apply(bundle, place, told)
    else:
        apply(bundle, place, told)
    old = place if ending else previous(place)

    assert snapshot(old) == before
    assert is_clean(place)
    assert [line.partition(" ")[0] for line in told.warnings if "was written to" in line] == [STAYS]


def test_a_wheel_that_is_damaged_elsewhere_mends_all_the_same(tmp_path: Path) -> None:
    """Of a wheel that nobody read so far the very file counts, and RECORD says what that must be."""
    place = tmp_path / ".venv"
    apply(bundle_of(tmp_path / "old", "1"), place)
    before = snapshot(place)
    bundle = bundle_of(tmp_path / "new", "2", code=_WRITES)
    _damage(bundle, in_file=False)
    apply(bundle, place)

    assert snapshot(previous(place)) == before
    assert is_clean(place)


def _modes(place: Path) -> Mapping[str, int]:
    return {path.relative_to(place).as_posix(): stat.S_IMODE(path.lstat().st_mode) for path in place.rglob("*")}


@pytest.mark.parametrize(("before", "after"), [(False, True), (True, False), (True, True), (False, False)])
def test_read_only_or_not_the_environment_before_keeps_its_modes(before: bool, after: bool, tmp_path: Path) -> None:
    """A file has one mode under all its names, so it is shared only where both are to have the same."""
    bundle, place = bundle_of(tmp_path, "1"), tmp_path / ".venv"
    apply(bundle, place, read_only=before)
    modes = _modes(place)
    receipt = apply(bundle, place, read_only=after)

    assert _modes(previous(place)) == modes
    assert shared(place) == (names(receipt) if before == after else set())
    assert {bool(_modes(place)[path] & 0o222) for path in names(receipt)} == {not after}
    assert is_clean(place)
    assert is_clean(previous(place))
    for folder in (place, previous(place)):
        subprocess.run(["chmod", "-R", "u+w", folder], check=True)


def test_bytecode_is_never_shared(tmp_path: Path) -> None:
    """It is written anew, for nothing says what it must be."""
    bundle, place = bundle_of(tmp_path, "1"), tmp_path / ".venv"
    apply(bundle, place, bytecode=True)
    apply(bundle, place, bytecode=True)

    assert list(place.rglob("*.pyc"))
    assert not [path for path in shared(place) if path.endswith(".pyc")]


def test_destroyed_first_there_is_nothing_to_take(tmp_path: Path, inflated: list[int]) -> None:
    """The old environment is gone before the new one is built, and everything is inflated."""
    bundle, place = bundle_of(tmp_path, "1"), tmp_path / ".venv"
    apply(bundle, place)
    streams = len(inflated)
    apply(bundle, place, destroy_first=True)

    assert len(inflated) == 2 * streams > 0


def test_what_is_not_kept_leaves_no_second_name(tmp_path: Path) -> None:
    """Without an environment before, every file has one name again."""
    bundle, place = bundle_of(tmp_path, "1"), tmp_path / ".venv"
    apply(bundle, place)
    receipt = apply(bundle, place, keep=False)

    assert {(place / path).stat().st_nlink for path in names(receipt)} == {1}


def test_rollback_returns_to_an_environment_that_shares_files(tmp_path: Path) -> None:
    """Sharing is no difference; but what is written in place later on is in both, and then rollback names it."""
    place = tmp_path / ".venv"
    apply(bundle_of(tmp_path / "old", "1"), place)
    before = snapshot(place)
    apply(bundle_of(tmp_path / "new", "2"), place)
    roll_back(place, running_prefix=PREFIX)

    assert snapshot(place) == before
    (place / STAYS).write_text("edited\n")
    with pytest.raises(ApplyRefused) as caught:
        roll_back(place, running_prefix=PREFIX)
    (problem,) = caught.value.problems
    assert (problem.code, problem.found) == ("previous-altered", f"altered: {STAYS}")
