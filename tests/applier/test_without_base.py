"""An update applied where its base is nowhere, but the environment that came of it stands."""

import sys
from pathlib import Path

import pytest

from applier.apply import apply_bundle
from applier.environment.receipt import Receipt
from applier.environment.scheme import OUTLINES, RECEIPT, scheme_paths, scripts_folder
from applier.environment.siblings import Place, Siblings
from applier.errors import ApplyRefused
from applier.options import Options
from applier.preflight.run import preflight
from applier.verifying.verify import verify_environment
from tests.bundles import make_bundle, running_machine, running_target
from tests.crews import on_a_file_system_without_clones
from tests.faults import snapshot
from tests.reporters import Told
from tests.wheels import make_wheel

TARGET = running_target()
SITE = scheme_paths(TARGET, "x")["purelib"]
SCRIPTS = scripts_folder(TARGET)
STAYS = make_wheel(
    "stays",
    "1",
    files={"stays/__init__.py": "", "stays/data.txt": "as it was\n", "both/__init__.py": "", "first/x.py": "1\n"},
    data_files={"scripts/stay": "#!python\nimport stays\n", "scripts/program": b"\x7fELF", "data/share/x.txt": "x"},
    entry_points="[console_scripts]\ns = stays:f\n",
)
ALSO = make_wheel("also", "1", files={"also.py": "", "both/__init__.py": "", "first/x.py": "1\n"})
OLD, NEW = (make_wheel("goes", version, files={"goes.py": f"version = {version!r}\n"}) for version in "12")
ORDINARY = Options()
DATA = f"{SITE}/stays/data.txt"


@pytest.fixture(autouse=True)
def _without_clones(monkeypatch: pytest.MonkeyPatch) -> None:
    on_a_file_system_without_clones(monkeypatch)


@pytest.fixture
def update(tmp_path: Path) -> Path:
    """The update from OLD to NEW; its base is gone."""
    base = make_bundle(tmp_path / "base.zip", STAYS, ALSO, OLD)
    apply(base, tmp_path / ".venv")
    (tmp_path / "new").mkdir()
    update = make_bundle(tmp_path / "new" / "update.zip", STAYS, ALSO, NEW, since=base)
    base.unlink()
    return update


def apply(bundle: Path, place: Path, told: Told | None = None, options: Options = ORDINARY) -> Receipt:
    """Apply with a real crew."""
    return apply_bundle(
        bundle,
        place,
        machine=running_machine(),
        running_prefix=Path(sys.prefix).resolve(),
        options=options,
        reporter=told or Told(),
    ).receipt


def refused(bundle: Path, place: Path, options: Options = ORDINARY) -> list[str]:
    """The codes of what stops the update, which leaves everything as it was."""
    before = snapshot(place)
    with pytest.raises(ApplyRefused) as caught:
        apply(bundle, place, options=options)

    assert snapshot(place) == before
    return [problem.code for problem in caught.value.problems]


def test_the_environment_is_what_the_whole_bundle_makes(update: Path, tmp_path: Path) -> None:
    """Scripts, data, entry points, files that two wheels bring: all are there, byte for byte, and it is said whence."""
    place, told = tmp_path / ".venv", Told()
    receipt = apply(update, place, told)
    before = Siblings(place).at(Place.PREVIOUS)
    made = {f"{SITE}/goes.py", f"{SITE}/goes-2.dist-info/METADATA"}
    whole = apply(make_bundle(tmp_path / "whole.zip", STAYS, ALSO, NEW), place, options=Options(destroy_first=True))

    assert receipt.files == whole.files
    assert made < receipt.files.keys()
    assert "taking 2 wheels, 0.0 MB, from the environment that is there" in told.notes
    assert not before.exists()  # destroyed with the rest


def test_nothing_is_linked_that_nothing_could_mend(update: Path, tmp_path: Path) -> None:
    """Without the wheel a file that a check writes to could not get its bytes back: each environment has its own."""
    place = tmp_path / ".venv"
    receipt = apply(update, place)
    previous = Siblings(place).at(Place.PREVIOUS)

    assert not [path for path in receipt.files if (place / path).stat(follow_symlinks=False).st_nlink > 1]
    for environment in (place, previous):
        assert verify_environment(environment, machine=running_machine(), files_only=True).is_clean


@pytest.mark.parametrize("path", [DATA, f"{SCRIPTS}/program"])
def test_an_altered_file_stops_it(path: str, update: Path, tmp_path: Path) -> None:
    """Other bytes of the same size are found when they are hashed; base and file are named, and nothing is lost."""
    target = tmp_path / ".venv" / path
    target.write_bytes(b"?" * target.stat().st_size)

    assert refused(update, tmp_path / ".venv") == ["file-not-held"]


@pytest.mark.parametrize("is_listed", [False, True], ids=["by the receipt", "on disk"])
def test_a_missing_file_stops_it(is_listed: bool, update: Path, tmp_path: Path) -> None:
    """A file may be gone, or the receipt say nothing of it."""
    place = tmp_path / ".venv"
    if is_listed:
        (place / DATA).unlink()
    else:
        (place / RECEIPT).write_text((place / RECEIPT).read_text().replace(DATA, f"{DATA}.other"))

    assert refused(update, place) == ["file-not-held"]


@pytest.mark.parametrize("name", [OUTLINES, RECEIPT])
def test_without_outlines_or_receipt_the_base_is_missing(name: str, update: Path, tmp_path: Path) -> None:
    """An environment of an older tool, or one that is not ours, holds nothing that could be known for the wheel's."""
    place = tmp_path / ".venv"
    (place / name).unlink()
    found = preflight(update, place, machine=running_machine(), running_prefix=Path(sys.prefix).resolve())

    assert [finding.code for finding in found.findings if finding.level == "stop"] == ["base-missing"]
    assert refused(update, place) == ["base-missing"]


def test_a_look_before_tells_what_is_not_there(update: Path, tmp_path: Path) -> None:
    """Nothing stops it, and wheels that have yet to be taken are not said to be there."""
    machine, prefix = running_machine(), Path(sys.prefix).resolve()
    found = preflight(update, tmp_path / ".venv", machine=machine, running_prefix=prefix).findings

    assert not [finding for finding in found if finding.level == "stop"]
    assert any("3 wheels, all but 2 there" in finding.found for finding in found)


def looked_ahead(bundle: Path, place: Path) -> list[str]:
    """What `--check` says of what the update takes from the environment."""
    found = preflight(bundle, place, machine=running_machine(), running_prefix=Path(sys.prefix).resolve(), ahead=True)
    return [str(each) for each in found.findings if each.code in ("files-held", "file-not-held", "outline-invalid")]


def test_a_look_ahead_tells_that_all_is_held(update: Path, tmp_path: Path) -> None:
    """Of what nobody else has; with the base at hand there is nothing to tell, nor where nothing is installed."""
    place = tmp_path / ".venv"
    assert looked_ahead(update, place) == [
        "ok    files-held  old environment: the files of 2 wheels are there; their bytes are hashed later"
    ]
    make_bundle(update.with_name("base.zip"), STAYS, ALSO, OLD)

    assert looked_ahead(update, place) == looked_ahead(update, tmp_path / "other") == []


def test_a_look_ahead_tells_what_the_environment_lacks(update: Path, tmp_path: Path) -> None:
    """A file that is gone, or of another size, is no longer news when the user has agreed: each wheel has a line."""
    place = tmp_path / ".venv"
    (place / DATA).unlink()
    (place / SCRIPTS / "program").write_bytes(b"more than it was")
    (place / SITE / "also.py").unlink()
    (place / SITE / "also.py").mkdir()
    hint = "(give the update its base, by --base FILE or --store DIR; the environment was altered)"
    needed = f"needed: every file of it, as it was installed {hint}"

    assert looked_ahead(update, place) == [
        f"stop  file-not-held  {wheel.filename}, to be taken from {place}: {lacks}; {needed}"
        for wheel, lacks in (
            (ALSO, f"1 gone or of another size: {SITE}/also.py"),
            (STAYS, f"2 gone or of another size: {DATA}, {SCRIPTS}/program"),
        )
    ]


def test_a_look_ahead_tells_of_a_file_that_the_receipt_has_otherwise(update: Path, tmp_path: Path) -> None:
    """What the receipt does not list is not taken, though it may lie there."""
    place = tmp_path / ".venv"
    (place / RECEIPT).write_text((place / RECEIPT).read_text().replace(DATA, f"{DATA}.other"))

    (line,) = looked_ahead(update, place)
    assert line.startswith(f"stop  file-not-held  {STAYS.filename}, to be taken from {place}: 1 gone")


def test_outlines_that_go_meanwhile_leave_the_base_missing(update: Path, tmp_path: Path) -> None:
    """What was there at the first look may be gone once the user has agreed: it is looked at again."""
    place = tmp_path / ".venv"
    with pytest.raises(ApplyRefused) as caught:
        apply_bundle(
            update,
            place,
            machine=running_machine(),
            running_prefix=Path(sys.prefix).resolve(),
            agree=lambda question: (place / OUTLINES).unlink(),
        )

    assert [problem.code for problem in caught.value.problems] == ["base-missing"]


def test_after_a_swap_that_was_cut_off_it_goes_on(update: Path, tmp_path: Path) -> None:
    """For an instant the environment is aside; a kill in it leaves it there, and the next run puts it back first."""
    place = tmp_path / ".venv"
    place.rename(Siblings(place).at(Place.OLD))

    assert f"{SITE}/goes-2.dist-info/METADATA" in apply(update, place).files


def test_what_is_destroyed_first_holds_nothing(update: Path, tmp_path: Path) -> None:
    """The base is asked for before anything is removed."""
    assert refused(update, tmp_path / ".venv", Options(destroy_first=True)) == ["base-missing"]


def test_the_update_again_is_in_place(update: Path, tmp_path: Path) -> None:
    """It may be applied again, by force too, from the environment that came of it."""
    first = apply(update, tmp_path / ".venv")

    assert apply(update, tmp_path / ".venv", options=Options(force=True)).files == first.files
    assert apply(update, tmp_path / ".venv").files == first.files
