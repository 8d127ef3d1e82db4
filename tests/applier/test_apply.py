"""bundle -> environment: the new one whole and proven, or the old one bit for bit as it was."""

import errno
import io
import os
import re
import shutil
import stat
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from packaging.utils import canonicalize_name

from locks import Check, Error, ExitCode
from locks.progress import SILENT, Progress, Reporter

from applier.apply import apply_bundle
from applier.bundle.reader import Bundle
from applier.environment.receipt import Receipt, read_receipt
from applier.environment.scheme import scheme_paths
from applier.environment.skeleton import create_environment, python_of
from applier.errors import ApplyRefused, BundleDamaged, CheckFailed, MachineUnfit
from applier.machine.facts import Machine
from applier.machine.gpus import Gpu
from applier.options import Options
from applier.rollback import roll_back
from applier.unpacking.crew import hired
from applier.verifying.verify import verify_environment
from bundler.archive import write_archive
from tests.bundles import (
    bare_members,
    demo_wheels,
    make_bundle,
    put_member,
    read_members,
    running_machine,
    running_target,
)
from tests.crews import hired_here
from tests.faults import give_up_privileges, in_a_child
from tests.reporters import Told
from tests.wheels import RecordRow, make_wheel

MACHINE = running_machine()
SITE = scheme_paths(running_target(), "x")["purelib"]
SCRIPTS = scheme_paths(running_target(), "x")["scripts"]
PREFIX = Path(sys.prefix).resolve()


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo bundle; not to be changed."""
    return make_bundle(tmp_path_factory.mktemp("apply") / "bundle-cpu.zip")


@pytest.fixture
def bundle(original: Path, tmp_path: Path) -> Path:
    """A copy of the demo bundle."""
    return Path(shutil.copy(original, tmp_path))


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """Where the environment goes; nothing else is in that folder."""
    (tmp_path / "home").mkdir()
    return tmp_path / "home" / ".venv"


@pytest.fixture
def old(place: Path) -> Path:
    """The place, with an environment of the user's in it."""
    (place / SCRIPTS).mkdir(parents=True)
    (place / "pyvenv.cfg").write_text("home = /somewhere\n")
    (place / SCRIPTS / "python").write_text("#!/bin/sh\n")
    (place / SCRIPTS / "python").chmod(0o755)
    (place / "lib64").symlink_to("lib")
    (place / "empty").mkdir()
    os.utime(place / "pyvenv.cfg", ns=(1, 1))
    return place


def snapshot(folder: Path) -> dict[str, Any]:
    """Everything below `folder`: kinds, modes, times, bytes."""
    found: dict[str, Any] = {}
    for path in sorted(folder.rglob("*")):
        status = path.lstat()
        content: object = None
        if stat.S_ISLNK(status.st_mode):
            content = path.readlink()
        elif stat.S_ISREG(status.st_mode):
            content = path.read_bytes()
        found[path.relative_to(folder).as_posix()] = (status.st_mode, status.st_mtime_ns, status.st_ino, content)
    return found


def apply(
    bundle: Path, into: Path, machine: Machine = MACHINE, reporter: Reporter = SILENT, **options: bool
) -> Receipt:
    """Apply a bundle as the command does."""
    return apply_bundle(
        bundle, into, machine=machine, running_prefix=PREFIX, reporter=reporter, options=Options(**options)
    ).receipt


def test_a_bundle_becomes_an_environment(bundle: Path, place: Path) -> None:
    """The environment works, is clean against its receipt, and is the only thing left in its folder."""
    told = Told()
    receipt = apply(bundle, place, reporter=told)
    demo = place / SCRIPTS / ("demo.exe" if os.name == "nt" else "demo")
    done = subprocess.run([demo], capture_output=True, text=True, check=True)

    assert done.stdout == f"demo {place}\n"
    assert [path.name for path in place.parent.iterdir()] == [".venv"]
    assert verify_environment(place, machine=MACHINE).is_clean
    assert told.phases == ["planning", "installing", "syncing"]
    assert told.ended.keys() == set(told.phases)
    assert told.lines == []
    assert read_receipt((place / "venvault-receipt.json").read_bytes(), document="r").files == receipt.files


def test_the_receipt_says_what_was_done(bundle: Path, place: Path) -> None:
    """Packages, every file, the lock's text, the bundle's digest, the checks: all is in the receipt."""
    receipt = apply(bundle, place)
    members = read_members(bundle)

    assert (receipt.stack, receipt.stack_version, receipt.variant) == ("demo", "2026.11", "cpu")
    assert receipt.packages == {"demo": "1.0", "extra": "2.0"}
    assert receipt.lock.encode() == members["pylock.toml"]
    assert (receipt.bundle, receipt.target) == ("bundle-cpu.zip", running_target().name)
    assert {f"{SITE}/demo/__init__.py", "pyvenv.cfg", f"{SCRIPTS}/activate"} <= receipt.files.keys()
    assert (receipt.checks, receipt.gpu) == ((), "no GPU")


def test_the_proof_is_one_line_of_this_form(bundle: Path, place: Path) -> None:
    """The line that ends an apply has exactly these parts."""
    receipt = apply(bundle, place)
    form = r"demo 2026\.11 cpu: no GPU, 2 packages, \d+ files, \d+\.\d s, receipt /x/r\.json"

    assert re.fullmatch(form, receipt.proof("/x/r.json"))


def test_applying_twice_replaces_the_first(bundle: Path, place: Path) -> None:
    """The second apply replaces a drifted environment whole, says why, and keeps it as it was."""
    first = apply(bundle, place)
    (place / SITE / "added.py").write_text("")
    before = snapshot(place)
    told = Told()
    second = apply(bundle, place, reporter=told)

    assert first.files == second.files
    assert verify_environment(place, machine=MACHINE).is_clean
    assert told.lines[0] == f"not in place any more: foreign: {SITE}/added.py"
    assert sorted(path.name for path in place.parent.iterdir()) == [".venv", ".venv.venvault-previous"]
    assert snapshot(place.parent / ".venv.venvault-previous") == before


# The same bundle again.


def outcome(bundle: Path, into: Path, **options: bool) -> bool:
    """Apply; say whether nothing had to be done."""
    wishes = Options(**options)
    return apply_bundle(bundle, into, machine=MACHINE, running_prefix=PREFIX, options=wishes).already_in_place


def test_what_is_in_place_is_left_alone(bundle: Path, place: Path) -> None:
    """The same bundle again changes no file, writes nothing beside, and asks nobody; `force` builds anew."""
    apply(bundle, place)
    before = snapshot(place.parent)
    told = Told()

    def ask(question: str) -> None:
        raise AssertionError(question)

    applied = apply_bundle(bundle, place, machine=MACHINE, running_prefix=PREFIX, reporter=told, agree=ask)

    assert applied.already_in_place
    assert snapshot(place.parent) == before
    assert (told.phases, told.lines) == (["comparing"], [])
    assert not outcome(bundle, place, force=True)


def _alter(place: Path) -> None:
    (place / SITE / "extra.py").write_text("import demo, os\n")


def _many(place: Path) -> None:
    for number in range(7):
        (place / f"note{number}").write_text("")


def _other_receipt(place: Path) -> None:
    (place / "venvault-receipt.json").write_text("{")


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        pytest.param(_alter, [f"altered: {SITE}/extra.py"], id="altered"),
        pytest.param(_many, [*(f"foreign: note{number}" for number in range(5)), "2 files besides"], id="many"),
        pytest.param(_other_receipt, [], id="receipt damaged"),
    ],
)
def test_what_is_not_in_place_any_more_is_built_anew(
    spoil: Callable[[Path], None], said: list[str], bundle: Path, place: Path
) -> None:
    """Every hash is compared, and why it is not enough is said."""
    apply(bundle, place)
    spoil(place)
    told = Told()
    apply(bundle, place, reporter=told)

    lines = [line.removeprefix("not in place any more: ") for line in told.lines if line.startswith("not in place")]
    assert lines == said
    assert verify_environment(place, machine=MACHINE).is_clean


@pytest.mark.skipif(sys.platform == "win32", reason="Windows environments have copies, no links")
def test_an_environment_without_its_python_is_not_in_place(
    bundle: Path, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A link that is as it was is not enough when what it leads to was removed with an update of the system."""
    apply(bundle, place)
    exists = Path.exists
    monkeypatch.setattr(Path, "exists", lambda self: self != python_of(place, running_target()) and exists(self))
    told = Told()
    apply(bundle, place, reporter=told)

    assert told.lines[0] == "not in place any more: its Python is gone"


def test_another_bundle_of_the_same_stack_is_another(bundle: Path, place: Path, tmp_path: Path) -> None:
    """Only the very bundle counts as in place."""
    apply(bundle, place)

    assert not outcome(make_bundle(tmp_path / "b.zip", make_wheel("demo", "1.1")), place)


def test_what_a_killed_run_left_is_cleaned_also_when_all_is_in_place(bundle: Path, place: Path) -> None:
    """Killed after the swap, the next run tidies up and finds that nothing else is to do."""
    apply(bundle, place)
    shutil.copytree(place, place.parent / ".venv.venvault-old", symlinks=True)
    (place.parent / ".venv.venvault-new").mkdir()

    assert outcome(bundle, place)
    assert sorted(path.name for path in place.parent.iterdir()) == [".venv", ".venv.venvault-previous"]


# The old environment goes.


def test_an_old_environment_is_replaced(bundle: Path, old: Path) -> None:
    """Nothing of the old environment is left in the new one."""
    apply(bundle, old)

    assert not (old / "empty").exists()
    assert verify_environment(old, machine=MACHINE).is_clean


def test_an_empty_folder_is_taken(bundle: Path, place: Path) -> None:
    """A folder that was made for the environment may be used for it."""
    place.mkdir()
    apply(bundle, place)

    assert verify_environment(place, machine=MACHINE, files_only=True).is_clean


def test_gpus_are_named_in_the_receipt(tmp_path: Path, place: Path) -> None:
    """What the environment was proven on stands in the receipt and the proof."""
    gpu = Gpu(name="RTX 4090", compute_capability="8.9", memory_bytes=1)
    machine = replace(MACHINE, gpus=(gpu,), driver="580.65.06")
    checks = (Check(name="gpu", code="pass", needs_gpu=True),)
    receipt = apply(make_bundle(tmp_path / "b.zip", checks=checks), place, machine)

    assert receipt.gpu == "RTX 4090"
    assert receipt.checks[0].outcome == "passed"
    assert " RTX 4090, " in receipt.proof("x")


def test_the_outcome_of_every_check_is_told(tmp_path: Path, place: Path) -> None:
    """Checks are reported as they end; one that is skipped says why; one that is not critical fails nothing."""
    checks = (
        Check(name="imports", code="import demo"),
        Check(name="gpu", code="pass", needs_gpu=True),
        Check(name="optional", code="raise SystemExit(1)", critical=False),
    )
    told = Told()
    blacklist = {canonicalize_name("torchao"): "breaks"}
    receipt = apply(make_bundle(tmp_path / "b.zip", checks=checks, blacklist=blacklist), place, reporter=told)

    assert [check.outcome for check in receipt.checks] == ["passed", "skipped", "failed", "passed"]
    assert sorted(line for line in told.lines if line.startswith("check ")) == [
        "check failed: optional (exit status 1)",
        "check passed: imports",
        "check passed: no blacklisted package",
        f"check skipped: gpu (needs a GPU; {MACHINE.gpu_note})",
    ]


@pytest.mark.parametrize(
    ("options", "question"),
    [
        ({}, "{} will be replaced, and kept as .venv.venvault-previous. Go on?"),
        ({"keep": False}, "{} will be replaced, and not kept. Go on?"),
        pytest.param(
            {"destroy_first": True, "stop_processes": True},
            "{} will be removed before the new one is built: should that fail, there is no environment; "
            "what runs from it will be ended. Go on?",
        ),
    ],
    ids=["keep", "no keep", "destroy first"],
)
def test_whoever_is_asked_learns_what_becomes_of_the_old_one(
    options: dict[str, bool], question: str, bundle: Path, old: Path
) -> None:
    """A no is a no: nothing was touched by then."""
    before = snapshot(old.parent)
    asked: list[str] = []

    def refuse(text: str) -> None:
        asked.append(text)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        apply_bundle(bundle, old, machine=MACHINE, running_prefix=PREFIX, options=Options(**options), agree=refuse)

    assert asked == [question.format(old)]
    assert snapshot(old.parent) == before


def test_destroyed_first_there_are_never_two(bundle: Path, old: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """When the new environment is begun nothing is left of the old one, nor of the one before it."""
    (old.parent / ".venv.venvault-previous").mkdir()
    seen: list[list[str]] = []

    def look_and_create(staging: Path, *, final: Path) -> None:
        seen.append(sorted(path.name for path in final.parent.iterdir()))
        create_environment(staging, final=final)

    monkeypatch.setattr("applier.build.create_environment", look_and_create)
    apply(bundle, old, destroy_first=True)

    assert seen == [[".venv.venvault-journal", ".venv.venvault-lock"]]
    assert verify_environment(old, machine=MACHINE).is_clean


def test_destroyed_first_is_not_destroyed_for_a_damaged_bundle(bundle: Path, old: Path) -> None:
    """What can be found out before is found out before."""
    before = snapshot(old.parent)
    _cut(bundle)
    with pytest.raises(BundleDamaged):
        apply(bundle, old, destroy_first=True)

    assert snapshot(old.parent) == before


@pytest.mark.skipif(sys.platform == "win32", reason="Windows' folders have no such permission")
def test_a_read_only_environment_is_verified_and_replaced_like_any(bundle: Path, place: Path) -> None:
    """Nothing of it can be written to; it works, is clean, in place, and goes when its time comes."""
    apply(bundle, place, read_only=True)

    assert not [path for path in (place, *place.rglob("*")) if not path.is_symlink() and path.stat().st_mode & 0o222]
    assert verify_environment(place, machine=MACHINE).is_clean
    assert outcome(bundle, place)
    apply(bundle, place, force=True)
    apply(bundle, place, force=True)
    assert [path.name for path in sorted(place.parent.iterdir())] == [".venv", ".venv.venvault-previous"]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows' folders have no such permission")
def test_who_made_an_environment_read_only_replaces_it(
    bundle: Path, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A user whom permissions bind: finds it in place, builds it anew, returns to the one before, keeps none."""
    monkeypatch.setattr("applier.apply.hired", hired_here)

    def run() -> None:
        give_up_privileges()
        apply(bundle, place, read_only=True)
        assert outcome(bundle, place)
        apply(bundle, place, read_only=True, force=True)
        roll_back(place, running_prefix=PREFIX)
        apply(bundle, place, force=True, keep=False)
        assert [path.name for path in place.parent.iterdir()] == [".venv"]

    assert in_a_child(run) == 0


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="needs /proc")
@pytest.mark.parametrize("stop", [False, True], ids=["named", "ended"])
def test_a_program_that_runs_from_the_old_environment_is_named_or_ended(stop: bool, bundle: Path, old: Path) -> None:
    """It keeps running on the old files where the system allows that, unless it is to be ended."""
    program = subprocess.Popen(
        [sys.executable, "-c", "print(1, flush=True); import time; time.sleep(600)"],
        cwd=old,
        stdout=subprocess.PIPE,
    )
    try:
        assert program.stdout is not None
        program.stdout.readline()
        told = Told()
        apply(bundle, old, reporter=told, stop_processes=stop)
        named = [line for line in told.warnings if f"(process {program.pid})" in line]

        assert len(named) == 1
        assert named[0].endswith("(they will be ended)" if stop else "start them again afterwards)")
        assert (program.poll() is None) != stop
    finally:
        program.kill()
        program.communicate()


# The old environment stays.


def _cut(bundle: Path) -> None:
    bundle.write_bytes(bundle.read_bytes()[:-1])


def _swap_wheel(bundle: Path) -> None:
    put_member(bundle, "wheels/demo-1.0-py3-none-any.whl", make_wheel("demo", "1.0").data)


def _failing_check(bundle: Path) -> None:
    make_bundle(bundle, checks=(Check(name="imports", code="import absent"),))


def _other_python(bundle: Path) -> None:
    make_bundle(bundle, target=replace(running_target(), python="3.14"))


def _lying_record(bundle: Path) -> None:
    def swap_hashes(rows: list[RecordRow]) -> list[RecordRow]:
        (module, first, size), (metadata, second, more), *rest = rows
        return [(module, second, size), (metadata, first, more), *rest]

    # Our own bundler would not make it.
    write_archive(bundle, bare_members(make_wheel("bad", "1", files={"a.py": "x"}, record_rows=swap_hashes)))


def _blacklisted(bundle: Path) -> None:
    wheel = make_wheel("demo", "1", files={"torchao.py": ""})
    write_archive(bundle, bare_members(wheel, blacklist={canonicalize_name("torchao"): "breaks"}))


FAILURES: list[tuple[str, Callable[[Path], object], type[Error], str, ExitCode]] = [
    ("bundle cut", _cut, BundleDamaged, "bundle-damaged", ExitCode.DAMAGED),
    ("wheel swapped", _swap_wheel, BundleDamaged, "bundle-damaged", ExitCode.DAMAGED),
    ("bundle gone", Path.unlink, BundleDamaged, "bundle-damaged", ExitCode.DAMAGED),
    ("another Python", _other_python, MachineUnfit, "python-does-not-fit", ExitCode.UNFIT),
    ("RECORD lies", _lying_record, BundleDamaged, "file-not-as-recorded", ExitCode.DAMAGED),
    ("check fails", _failing_check, CheckFailed, "check-failed", ExitCode.CHECK_FAILED),
    ("blacklisted module", _blacklisted, BundleDamaged, "blacklisted-import", ExitCode.DAMAGED),
]


@pytest.mark.parametrize(
    ("spoil", "error", "code", "exit_code"), [pytest.param(*row[1:], id=row[0]) for row in FAILURES]
)
def test_the_old_environment_stays_when_apply_fails(
    spoil: Callable[[Path], object],
    error: type[Error],
    code: str,
    exit_code: ExitCode,
    bundle: Path,
    old: Path,
) -> None:
    """Whatever fails, every file, mode and time of the old environment is as before, and nothing lies beside it."""
    spoil(bundle)
    before = snapshot(old.parent)
    with pytest.raises(error) as caught:
        apply(bundle, old)

    assert snapshot(old.parent) == before
    assert {problem.code for problem in caught.value.problems} == {code}
    assert caught.value.exit_code == exit_code


@pytest.mark.parametrize("spoil", [_cut, _lying_record, _failing_check], ids=["damage", "install", "check"])
def test_nothing_is_left_where_nothing_was(spoil: Callable[[Path], object], bundle: Path, place: Path) -> None:
    """A first apply that fails leaves an empty folder empty."""
    spoil(bundle)
    with pytest.raises(Error):
        apply(bundle, place)

    assert not list(place.parent.iterdir())


def test_what_python_runs_by_itself_waits_for_its_wheels_hash(
    tmp_path: Path, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A check that runs while a forged wheel is awaited sees no file of it, and no Python then starts its `.pth`."""
    looked, seen, ran = (tmp_path / name for name in ("looked", "seen", "ran"))
    code = f"""\
import pathlib, subprocess, sys, sysconfig
library = pathlib.Path(sysconfig.get_path("purelib"))
for _ in range(10):
    subprocess.run([sys.executable, "-c", ""])
    if any(library.glob("forged*/*")):
        pathlib.Path({str(seen)!r}).touch()
pathlib.Path({str(looked)!r}).touch()
"""
    wheels = [make_wheel(name, "1", files={f"{name}.py": ""}) for name in ("first", "second")]
    forged = make_wheel("forged", "1", files={"forged.pth": f"import os; open({str(ran)!r}, 'w')\n"})
    honest = replace(forged, data=bytes(forged.size_bytes))
    check = Check(name="looks around", code=code, after=(canonicalize_name("first"),))
    edges = {"forged": ("second",), "second": ("first",)}
    members = bare_members(*wheels, honest, dependencies=edges, checks=(check,))
    write_archive(tmp_path / "b.zip", {**members, f"wheels/{forged.filename}": forged.data})

    class WaitsForTheCheck(Reporter):
        """Lets the crew go on while we are slow to hear of it."""

        def advanced(self, progress: Progress) -> None:
            for _ in range(6000 if progress.item == "second 1" else 0):
                if looked.exists():
                    break
                time.sleep(0.01)

    monkeypatch.setattr("applier.apply.hired", partial(hired, workers=1))
    # As where planning is quicker than hashing: else the forged wheel is found before there is a check.
    monkeypatch.setattr("applier.apply.hash_jobs", lambda bundle, but: [])
    with pytest.raises(BundleDamaged, match="forged"):
        apply(tmp_path / "b.zip", place, reporter=WaitsForTheCheck())

    assert (looked.exists(), seen.exists(), ran.exists()) == (True, False, False)


def test_a_full_disk_leaves_the_old_environment(bundle: Path, old: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """When the system has no more space, the file and the reason are told, and the old environment stays."""
    path_open = Path.open

    def open_or_full(self: Path, mode: str = "r", *more: Any, **options: Any) -> Any:
        if self.name == "INSTALLER" and "x" in mode:
            raise OSError(errno.ENOSPC, "No space left on device", str(self))
        return path_open(self, mode, *more, **options)

    monkeypatch.setattr(Path, "open", open_or_full)
    before = snapshot(old.parent)
    with pytest.raises(ApplyRefused) as caught:
        apply(bundle, old)
    (problem,) = caught.value.problems

    assert snapshot(old.parent) == before
    assert (problem.code, problem.found) == ("write-failed", "No space left on device")
    assert problem.where.endswith("INSTALLER")


def test_an_interrupt_leaves_the_old_environment(tmp_path: Path, old: Path) -> None:
    """Ctrl-C while the checks run ends in the old environment, with nothing beside it."""
    path = make_bundle(tmp_path / "b.zip", checks=(Check(name="it", code="pass"),))
    before = snapshot(old.parent)

    def interrupt(line: str) -> None:
        if line.startswith("check passed"):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        apply(path, old, reporter=Told(at_line=interrupt))

    assert snapshot(old.parent) == before


def test_a_machine_that_does_not_fit_is_told_everything(tmp_path: Path, old: Path) -> None:
    """Unfitness is judged before a byte of the wheels is read, and told whole."""
    machine = Machine(sys_platform="plan9", machine="mips", implementation="pypy", python=(2, 7, 18))
    with pytest.raises(MachineUnfit) as caught:
        apply(make_bundle(tmp_path / "b.zip"), old, machine)

    assert [problem.code for problem in caught.value.problems] == ["python-does-not-fit", "platform-does-not-fit"]


def test_an_edited_lock_is_damage_before_it_is_believed(bundle: Path, old: Path) -> None:
    """A lock that was altered on its way is not asked which machine it is for."""
    members = read_members(bundle)
    edited = members["pylock.toml"].replace(b'floor = "2.17"', b'floor = "9.99"')
    put_member(bundle, "pylock.toml", edited + b"\n")
    with pytest.raises(BundleDamaged) as caught:
        apply(bundle, old)

    assert [problem.where for problem in caught.value.problems] == ["pylock.toml"]


def test_what_cannot_be_cleaned_up_does_not_hide_the_failure(
    tmp_path: Path, old: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When the half-built environment cannot be removed, the user still learns why it was given up."""
    path = make_bundle(tmp_path / "b.zip", checks=(Check(name="imports", code="import absent"),))
    rmtree = shutil.rmtree

    def busy(place: Path, *more: Any, **options: Any) -> None:
        if str(place).endswith(".venvault-new"):
            raise OSError(errno.EIO, "Input/output error", str(place))
        rmtree(place, *more, **options)

    monkeypatch.setattr(shutil, "rmtree", busy)
    with pytest.raises(CheckFailed):
        apply(path, old)

    assert (old / "empty").is_dir()


# Places.


def test_home_and_the_current_folder_are_refused(bundle: Path, old: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Even an environment is not replaced while it is the home or the current folder."""
    before = snapshot(old.parent)
    monkeypatch.setenv("HOME", str(old))
    monkeypatch.setenv("USERPROFILE", str(old))
    with pytest.raises(ApplyRefused, match="the home folder, or one above it"):
        apply(bundle, old)
    monkeypatch.undo()
    monkeypatch.chdir(old / "empty")
    with pytest.raises(ApplyRefused, match="the current folder, or one above it"):
        apply(bundle, old)

    assert snapshot(old.parent) == before


def test_a_folder_of_the_users_is_refused(bundle: Path, place: Path) -> None:
    """A folder with files that is no environment is never replaced."""
    place.mkdir()
    (place / "thesis.txt").write_text("years")
    with pytest.raises(ApplyRefused, match="something that is no environment"):
        apply(bundle, place)

    assert (place / "thesis.txt").read_text() == "years"


def test_the_running_python_is_refused(bundle: Path, old: Path) -> None:
    """The environment whose Python runs the applier is not pulled from under it."""
    with pytest.raises(ApplyRefused, match="the running Python's own folder"):
        apply_bundle(bundle, old, machine=MACHINE, running_prefix=old)


def test_a_link_to_an_environment_stays_a_link(bundle: Path, old: Path, tmp_path: Path) -> None:
    """Applying through a link replaces what it points to; the link stays."""
    link = tmp_path / "link"
    link.symlink_to(old)
    apply(bundle, link)

    assert link.readlink() == old
    assert verify_environment(old, machine=MACHINE).is_clean
    assert str(old) in (old / SCRIPTS / "activate").read_text()


def test_links_that_lead_in_a_circle_are_refused(bundle: Path, tmp_path: Path) -> None:
    """A place that is nowhere is refused in words."""
    (tmp_path / "a").symlink_to(tmp_path / "b")
    (tmp_path / "b").symlink_to(tmp_path / "a")
    with pytest.raises(ApplyRefused):
        apply(bundle, tmp_path / "a")


def test_a_place_below_a_file_is_refused(bundle: Path, tmp_path: Path) -> None:
    """Where no folder can be made, the system's reason is told."""
    (tmp_path / "file").write_text("")
    with pytest.raises(ApplyRefused) as caught:
        apply(bundle, tmp_path / "file" / ".venv")

    assert caught.value.problems[0].code == "place-not-writable"


# Runs before this one.


def test_what_a_killed_run_left_is_cleaned(bundle: Path, old: Path) -> None:
    """Leftovers of a run that was killed are told and removed, and the apply goes on."""
    (old.parent / ".venv.venvault-new" / "half").mkdir(parents=True)
    old.rename(old.parent / ".venv.venvault-old")
    (old.parent / ".venv.venvault-lock").write_text("")
    told = Told()
    apply(bundle, old, reporter=told)

    assert told.warnings[0] == (
        "an earlier run was cut off: put the environment back that was there before, removed .venv.venvault-new"
    )
    assert sorted(path.name for path in old.parent.iterdir()) == [".venv", ".venv.venvault-previous"]
    assert (old.parent / ".venv.venvault-previous" / "empty").is_dir()


def test_an_old_environment_that_cannot_be_removed_waits_for_the_next_run(
    bundle: Path, old: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The new environment is in place all the same; the rest is told, and cleaned by the next apply."""
    rmtree = shutil.rmtree

    def busy(place: Path, *more: Any, **options: Any) -> None:
        if str(place).endswith(".venvault-new"):
            raise OSError(errno.EIO, "Input/output error")
        rmtree(place, *more, **options)

    told = Told()
    with monkeypatch.context() as patched:
        patched.setattr(shutil, "rmtree", busy)
        apply(bundle, old, reporter=told, keep=False)

    assert told.warnings[-1] == (
        f"beside {old} is left .venv.venvault-new (Input/output error); the next run puts it in order"
    )
    assert verify_environment(old, machine=MACHINE).is_clean
    apply(bundle, old, force=True, keep=False)
    assert [path.name for path in old.parent.iterdir()] == [".venv"]


def test_the_bundle_is_read_in_place(bundle: Path, place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is unpacked to a temporary folder: where there is none to write to, apply works."""
    monkeypatch.setenv("TMPDIR", str(place.parent / "absent"))

    assert apply(bundle, place).packages


def test_python_of_the_environment_is_the_running_minor(bundle: Path, place: Path) -> None:
    """The environment's interpreter is the one that the bundle was made for."""
    apply(bundle, place)
    done = subprocess.run([python_of(place, running_target()), "-V"], capture_output=True, text=True, check=True)

    assert done.stdout.startswith(f"Python {running_target().python}.")


def test_opening_a_bundle_reads_no_wheel(bundle: Path) -> None:
    """What a bundle is for is known before its wheels are read, however large they are."""
    opened = Bundle.open(bundle)

    assert opened.lock.target == running_target()
    assert {wheel.filename for wheel in opened.lock.wheels} == {wheel.filename for wheel in demo_wheels()}
    assert isinstance(opened.open_member("pylock.toml"), io.BufferedReader)
