"""The previous environment back in place, verified, and the present one kept in turn."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from locks.digest import sha256_of_bytes

from applier.apply import apply_bundle
from applier.environment.durable import write_durably
from applier.environment.journal import Journal, journal_to_bytes
from applier.environment.scheme import RECEIPT, scheme_paths
from applier.environment.siblings import Place, Siblings
from applier.environment.skeleton import python_of
from applier.errors import ApplyRefused
from applier.rollback import roll_back
from applier.verifying.verify import verify_environment
from tests.bundles import make_bundle, running_machine, running_target
from tests.reporters import Told
from tests.wheels import make_wheel

MACHINE = running_machine()
PREFIX = Path(sys.prefix).resolve()
SITE = scheme_paths(running_target(), "x")["purelib"]


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with version 2 in place and version 1 kept; not to be changed, and in the place it is made for."""
    folder = tmp_path_factory.mktemp("rollback")
    for version in ("1.0", "2.0"):
        wheel = make_wheel("demo", version, files={"demo.py": f"version = {version!r}\n"})
        bundle = make_bundle(folder / f"bundle-{version}.zip", wheel)
        apply_bundle(bundle, folder / "home" / ".venv", machine=MACHINE, running_prefix=PREFIX)
    shutil.copytree(folder / "home", folder / "copy", symlinks=True)
    return folder


@pytest.fixture
def siblings(prepared: Path) -> Siblings:
    """The places, as they were prepared."""
    shutil.rmtree(prepared / "home")
    shutil.copytree(prepared / "copy", prepared / "home", symlinks=True)
    return Siblings(prepared / "home" / ".venv")


def roll(siblings: Siblings, *, force: bool = False) -> Told:
    """Roll back; what was told."""
    told = Told()
    roll_back(siblings.final, running_prefix=PREFIX, reporter=told, force=force)
    return told


def version_of(siblings: Siblings) -> str:
    """What the environment in place says, by its own Python."""
    python = python_of(siblings.final, running_target())
    done = subprocess.run(
        [python, "-B", "-c", "import demo; print(demo.version)"], capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


def test_a_rollback_returns_and_a_second_one_returns_again(siblings: Siblings) -> None:
    """The environment before works in its place and is unaltered; twice is as if nothing had been."""
    assert version_of(siblings) == "2.0"
    told = roll(siblings)

    assert version_of(siblings) == "1.0"
    assert verify_environment(siblings.final, machine=MACHINE).is_clean
    assert siblings.found() == {Place.FINAL, Place.PREVIOUS}
    assert (told.phases, told.lines) == (["comparing"], [])

    roll(siblings)
    assert version_of(siblings) == "2.0"


def test_the_receipt_of_what_is_in_place_is_given(siblings: Siblings) -> None:
    """The proof line is that of the environment returned to."""
    receipt = roll_back(siblings.final, running_prefix=PREFIX)

    assert receipt is not None
    assert receipt.packages == {"demo": "1.0"}


def test_an_environment_that_was_removed_by_hand_can_be_returned_to(siblings: Siblings) -> None:
    """Where nothing is in place, the kept one is put there, and none is kept."""
    shutil.rmtree(siblings.final)
    roll(siblings)

    assert version_of(siblings) == "1.0"
    assert siblings.found() == {Place.FINAL}


def test_without_a_previous_one_there_is_nothing_to_return_to(siblings: Siblings) -> None:
    """The present environment stays, and why there is no other is told."""
    shutil.rmtree(siblings.at(Place.PREVIOUS))
    with pytest.raises(ApplyRefused) as caught:
        roll(siblings)

    assert str(caught.value) == (
        f"no-previous: {siblings.final}: expected the environment before, at .venv.venvault-previous, found none: "
        "there was no apply, or one with --no-keep or --destroy-first (apply the bundle of the environment you want)"
    )
    assert version_of(siblings) == "2.0"


def test_an_altered_one_is_not_returned_to_unless_forced(siblings: Siblings) -> None:
    """What differs from its receipt is named; `force` takes it as it is."""
    previous = siblings.at(Place.PREVIOUS)
    (previous / SITE / "demo.py").write_text("version = 'mine'\n")
    (previous / "added").write_text("")
    with pytest.raises(ApplyRefused) as caught:
        roll(siblings)
    (problem,) = caught.value.problems

    assert (problem.code, problem.found) == ("previous-altered", f"altered: {SITE}/demo.py and 1 more")
    assert version_of(siblings) == "2.0"

    roll(siblings, force=True)
    assert version_of(siblings) == "mine"


def test_one_without_receipt_is_not_returned_to_unless_forced(siblings: Siblings) -> None:
    """An environment that was there before the first apply was made by somebody else, and cannot be verified."""
    (siblings.at(Place.PREVIOUS) / RECEIPT).unlink()
    with pytest.raises(ApplyRefused, match="no-receipt"):
        roll(siblings)
    assert roll_back(siblings.final, running_prefix=PREFIX, force=True) is None

    assert version_of(siblings) == "1.0"


def test_a_user_without_a_home_may_roll_back(siblings: Siblings, monkeypatch: pytest.MonkeyPatch) -> None:
    """A container may run under a number that no user has."""

    def homeless() -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr(Path, "home", homeless)
    roll(siblings)

    assert version_of(siblings) == "1.0"


def test_the_running_python_is_not_exchanged(siblings: Siblings) -> None:
    """The environment whose Python runs this is not pulled from under it."""
    with pytest.raises(ApplyRefused, match="the running Python's own folder"):
        roll_back(siblings.final, running_prefix=siblings.final)


@pytest.mark.parametrize("is_put_in_order", [False, True], ids=["before the last rename", "after the last rename"])
def test_a_rollback_that_was_cut_off_late_is_finished_and_not_undone(is_put_in_order: bool, siblings: Siblings) -> None:
    """Run again after a kill it comes to the end that was wanted, and does not return at once."""
    receipt = sha256_of_bytes((siblings.at(Place.PREVIOUS) / RECEIPT).read_bytes())
    mark = Journal(action="rollback", bundle="bundle-1.0.zip", incoming=receipt)
    roll(siblings)
    if not is_put_in_order:
        siblings.at(Place.PREVIOUS).rename(siblings.at(Place.OLD))
    write_durably(siblings.journal, journal_to_bytes(mark))
    told = roll(siblings)

    assert version_of(siblings) == "1.0"
    assert siblings.found() == {Place.FINAL, Place.PREVIOUS}
    assert len(told.warnings) == 1
    assert told.warnings[0].startswith("an earlier rollback of bundle-1.0.zip was cut off: ")
