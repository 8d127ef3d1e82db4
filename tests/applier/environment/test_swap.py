"""The transaction: recovered first, swapped by two renames, put in order at the end, whatever happens."""

import errno
import os
import sys
from pathlib import Path
from typing import NoReturn

import pytest

from locks.progress import SILENT

import applier.environment.swap
from applier.environment.alone import undisturbed
from applier.environment.durable import write_durably
from applier.environment.holders import Holder
from applier.environment.journal import Journal, journal_to_bytes
from applier.environment.remove import remove_tree
from applier.environment.siblings import Place, Siblings
from applier.environment.swap import Transaction, transaction
from applier.errors import ApplyRefused
from tests.reporters import Told

APPLY = Journal(action="apply", bundle="b.zip")


@pytest.fixture
def siblings(tmp_path: Path) -> Siblings:
    """Places of which none is taken."""
    return Siblings(tmp_path / ".venv")


@pytest.fixture
def held(siblings: Siblings) -> Transaction:
    """A hold on them; no pauses."""
    return Transaction(siblings, sleep=lambda pause_s: None)


def fill(folder: Path, text: str) -> None:
    """Make a folder that can be told from others."""
    (folder / "sub").mkdir(parents=True)
    (folder / "sub" / "which").write_text(text)


def what(siblings: Siblings) -> dict[Place, str]:
    """What is at each place that is taken."""
    return {place: (siblings.at(place) / "sub" / "which").read_text() for place in siblings.found()}


@pytest.fixture
def refuse(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Path, BaseException]]:
    """Renames that fail: the target, and how."""
    refused: list[tuple[Path, BaseException]] = []
    rename = os.rename

    def rename_or_fail(source: str, target: str) -> None:
        for path, error in refused:
            if Path(target) == path:
                raise error
        rename(source, target)

    monkeypatch.setattr(os, "rename", rename_or_fail)
    return refused


@pytest.mark.parametrize("old", ["old", None], ids=["an old one", "none"])
def test_the_new_environment_takes_the_place(old: str | None, siblings: Siblings, held: Transaction) -> None:
    """After the swap the new one is in place, and the old one set aside."""
    fill(siblings.at(Place.NEW), "new")
    if old:
        fill(siblings.final, old)
    held.put_in_place(Place.NEW)

    assert what(siblings) == {Place.FINAL: "new"} | ({Place.OLD: old} if old else {})


BUSY = OSError(errno.EBUSY, "Device or resource busy")


@pytest.mark.parametrize("target", [Place.OLD, Place.FINAL], ids=["the first", "the second"])
@pytest.mark.parametrize("old", ["old", None], ids=["an old one", "none"])
def test_a_rename_that_is_refused_leaves_what_was_there(
    old: str | None,
    target: Place,
    siblings: Siblings,
    held: Transaction,
    refuse: list[tuple[Path, BaseException]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Whichever rename fails, the old one is back at once, and the message says who uses it and what to do."""
    monkeypatch.setattr(applier.environment.swap, "find_holders", lambda folder: (Holder(pid=7, name="studio"),))
    fill(siblings.at(Place.NEW), "new")
    if old:
        fill(siblings.final, old)
    before = what(siblings)
    if target == Place.FINAL and old:
        rename = os.rename  # refuses the new one alone, for the old one must come back

        def refuse_new(source: str, path: str) -> None:
            if Path(source) == siblings.at(Place.NEW):
                raise BUSY
            rename(source, path)

        monkeypatch.setattr(os, "rename", refuse_new)
    else:
        refuse.append((siblings.at(Place.FINAL if not old else target), BUSY))
    with pytest.raises(ApplyRefused) as caught:
        held.put_in_place(Place.NEW)
    (problem,) = caught.value.problems

    assert what(siblings) == before
    assert (problem.code, problem.found) == ("environment-in-use", "Device or resource busy")
    assert problem.because == ("studio (process 7) uses it",)
    assert "--stop-processes" in problem.hint


def test_what_is_in_use_for_a_moment_is_asked_for_again(
    siblings: Siblings, refuse: list[tuple[Path, BaseException]]
) -> None:
    """A scanner that has a file open for a second does not end an apply of minutes."""
    fill(siblings.at(Place.NEW), "new")
    refuse.append((siblings.final, BUSY))
    pauses: list[float] = []

    def sleep(pause_s: float) -> None:
        pauses.append(pause_s)
        refuse.clear()

    Transaction(siblings, sleep=sleep).put_in_place(Place.NEW)

    assert what(siblings) == {Place.FINAL: "new"}
    assert pauses == [0.1]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows does not sync folders")
def test_a_folder_that_cannot_be_synced_does_not_undo_what_is_done(
    siblings: Siblings, held: Transaction, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Some network shares refuse it; the renames are made all the same, and nobody is told that they were refused."""

    def refuse(_descriptor: int) -> NoReturn:
        raise OSError(errno.EINVAL, "Invalid argument")

    fill(siblings.final, "old")
    fill(siblings.at(Place.NEW), "new")
    monkeypatch.setattr(os, "fsync", refuse)
    held.put_in_place(Place.NEW)

    assert what(siblings) == {Place.FINAL: "new", Place.OLD: "old"}


def test_a_new_environment_that_vanished_is_no_success(siblings: Siblings, held: Transaction) -> None:
    """When something removed the new folder meanwhile, the swap is refused and the old environment is back."""
    fill(siblings.final, "old")
    with pytest.raises(ApplyRefused):
        held.put_in_place(Place.NEW)

    assert what(siblings) == {Place.FINAL: "old"}


def test_the_probe_moves_nothing(
    siblings: Siblings, held: Transaction, refuse: list[tuple[Path, BaseException]]
) -> None:
    """What can be moved is where it was; what cannot is refused before anything is built."""
    held.probe()
    fill(siblings.final, "old")
    held.probe()

    assert what(siblings) == {Place.FINAL: "old"}

    refuse.append((siblings.at(Place.OLD), PermissionError(errno.EACCES, "Access is denied")))
    with pytest.raises(ApplyRefused, match="environment-in-use"):
        held.probe()

    assert what(siblings) == {Place.FINAL: "old"}


def run(siblings: Siblings, journal: Journal = APPLY) -> list[str]:
    """One run that builds a new environment; what it reported."""
    told = Told()
    with transaction(siblings.final, told) as held:
        held.begin(journal)
        fill(siblings.at(Place.NEW), "new")
        held.put_in_place(Place.NEW)
    return told.warnings


def names(siblings: Siblings) -> list[str]:
    """What lies in the folder."""
    return sorted(path.name for path in siblings.final.parent.iterdir())


def test_a_run_keeps_the_environment_before_and_no_more(siblings: Siblings) -> None:
    """Run after run there are two environments: the last, and the last but one."""
    for text in ("older", "old"):
        fill(siblings.final, text)
        run(siblings)
        assert what(siblings) == {Place.FINAL: "new", Place.PREVIOUS: text}
        assert names(siblings) == [".venv", ".venv.venvault-previous"]
        (siblings.final / "sub" / "which").unlink()
        (siblings.final / "sub").rmdir()
        siblings.final.rmdir()


def test_a_run_may_keep_nothing(siblings: Siblings) -> None:
    """Without `keep` only the new environment is left."""
    fill(siblings.final, "old")
    run(siblings, Journal(action="apply", bundle="b.zip", keep=False))

    assert names(siblings) == [".venv"]


@pytest.mark.parametrize("error", [ValueError(), KeyboardInterrupt(), OSError()], ids=repr)
def test_a_run_that_fails_leaves_what_was_there(error: BaseException, siblings: Siblings) -> None:
    """Whatever is raised inside, what was built is gone with lock and journal, and the old environment stays."""
    fill(siblings.final, "old")
    told = Told()

    def fail(held: Transaction) -> NoReturn:
        held.begin(APPLY)
        fill(siblings.at(Place.NEW), "half")
        raise error

    with pytest.raises(type(error)), transaction(siblings.final, told) as held:
        fail(held)

    assert what(siblings) == {Place.FINAL: "old"}
    assert names(siblings) == [".venv"]
    assert told.notes == (["stopping: removing what was built"] if isinstance(error, KeyboardInterrupt) else [])


def test_a_second_interrupt_leaves_the_rest_to_the_next_run(
    siblings: Siblings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ctrl-C while what was built is removed ends that too; the old environment is in place, the rest is named."""
    fill(siblings.final, "old")
    told = Told()

    def interrupted(_path: Path, **_more: object) -> NoReturn:
        raise KeyboardInterrupt

    monkeypatch.setattr(applier.environment.swap, "remove_tree", interrupted)

    def begin(held: Transaction) -> NoReturn:
        held.begin(APPLY)
        fill(siblings.at(Place.NEW), "half")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), transaction(siblings.final, told) as held:
        begin(held)

    assert what(siblings)[Place.FINAL] == "old"
    assert told.warnings[-1] == f"beside {siblings.final} is left .venv.venvault-new; the next run puts it in order"

    monkeypatch.setattr(applier.environment.swap, "remove_tree", remove_tree)
    assert run(siblings) == ["an earlier apply of b.zip was cut off: removed .venv.venvault-new"]


@pytest.mark.parametrize(
    ("journal", "found", "line"),
    [
        pytest.param(
            None,
            {Place.OLD: "old"},
            "an earlier run was cut off: put the environment back that was there before",
            id="no journal",
        ),
        pytest.param(
            APPLY,
            {Place.FINAL: "new", Place.OLD: "old"},
            "an earlier apply of b.zip was cut off: kept the environment before as .venv.venvault-previous",
            id="finished",
        ),
        pytest.param(
            APPLY,
            {Place.OLD: "old", Place.NEW: "new"},
            "an earlier apply of b.zip was cut off: put the environment back that was there before, removed "
            ".venv.venvault-new",
            id="undone",
        ),
        pytest.param(
            Journal(action="apply", bundle="b.zip", keep=False),
            {Place.FINAL: "new", Place.OLD: "old"},
            "an earlier apply of b.zip was cut off: removed .venv.venvault-new",
            id="finished, not kept",
        ),
        pytest.param(
            APPLY,
            {Place.FINAL: "old"},
            "an earlier apply of b.zip was cut off: nothing of it is left",
            id="hardly begun",
        ),
    ],
)
def test_a_run_recovers_first_and_says_so(
    journal: Journal | None, found: dict[Place, str], line: str, siblings: Siblings
) -> None:
    """What a killed run left is put in order before anything else, and told in one line with what it was about."""
    for place, text in found.items():
        fill(siblings.at(place), text)
    if journal:
        write_durably(siblings.journal, journal_to_bytes(journal))
    told = Told()
    with transaction(siblings.final, told) as held:
        assert held.cut_off == journal
        assert siblings.found() <= {Place.FINAL, Place.PREVIOUS}
        assert not siblings.journal.exists()

    assert told.warnings == [line]


def test_folders_above_are_made_and_do_not_stay_empty(tmp_path: Path) -> None:
    """An environment may be put in folders that are not there yet; a run that leaves none leaves no folder."""
    final = tmp_path / "a" / "b" / ".venv"
    with transaction(final, SILENT):
        assert final.parent.is_dir()
    assert not list(tmp_path.iterdir())

    with transaction(final, SILENT):
        fill(final, "new")
    assert final.is_dir()


@pytest.mark.skipif(os.name == "nt", reason="a path is too long there as a whole")
def test_folders_above_that_cannot_all_be_made_are_removed_again(tmp_path: Path) -> None:
    """Nothing was done, so nothing is left."""
    with pytest.raises(OSError, match="too long"), transaction(tmp_path / "a" / "b" / ("x" * 300) / ".venv", SILENT):
        pytest.fail("there is no such folder")

    assert not list(tmp_path.iterdir())


def test_reading_needs_no_right_to_write(siblings: Siblings, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where no lock file can be made an environment is read all the same."""

    def refuse(*_more: object) -> NoReturn:
        raise PermissionError(errno.EACCES, "Permission denied")

    read = []
    with monkeypatch.context() as patch:
        patch.setattr(os, "open", refuse)
        with undisturbed(siblings, SILENT):
            read.append("read")

    assert read == ["read"]


def test_what_is_raised_while_reading_is_not_swallowed(siblings: Siblings) -> None:
    """A failure of the reader is the reader's."""
    with pytest.raises(OSError, match="its own"), undisturbed(siblings, SILENT):
        raise OSError("its own")

    assert not siblings.mutex.exists()
