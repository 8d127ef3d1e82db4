"""What a killed run wrote to files of the old environment is told by the run after it."""

import base64
import hashlib
import os
from dataclasses import replace
from pathlib import Path

import pytest

from applier.environment.durable import write_durably
from applier.environment.journal import Journal, journal_to_bytes
from applier.environment.receipt import InstalledFile
from applier.environment.receipt_file import write_receipt
from applier.environment.scheme import RECEIPT as NAME
from applier.environment.siblings import Place, Siblings
from applier.environment.swap import transaction
from tests.applier.environment.test_receipt import RECEIPT
from tests.reporters import Told

NAMES = ("linked", "linked and written", "copied and written")


@pytest.fixture
def siblings(tmp_path: Path) -> Siblings:
    """What a kill leaves: half of a new environment, its files in common with the old one or not, some written to."""
    siblings = Siblings(tmp_path / ".venv")
    new = siblings.at(Place.NEW)
    for folder in (siblings.final, new):
        folder.mkdir()
    sha256 = base64.urlsafe_b64encode(hashlib.sha256(b"right").digest()).decode().rstrip("=")
    files = {name: InstalledFile(sha256=sha256, size_bytes=5) for name in NAMES}
    write_receipt(siblings.final, replace(RECEIPT, files=files))
    for name in NAMES:
        (siblings.final / name).write_bytes(b"right")
        if name.startswith("linked"):
            os.link(siblings.final / name, new / name)
        if name.endswith("written"):
            (new / name).write_bytes(b"wrong")
    return siblings


def told_of(siblings: Siblings) -> list[str]:
    """The names of files that the next run warns of."""
    told = Told()
    with transaction(siblings.final, told):
        pass

    assert siblings.found() == {Place.FINAL}
    return [
        Path(line.partition(" is not as it was installed")[0]).name for line in told.warnings if "is not as" in line
    ]


def test_the_run_after_a_kill_names_what_it_left(siblings: Siblings) -> None:
    """What the two have in common is held against the receipt before the half new one is removed."""
    write_durably(siblings.journal, journal_to_bytes(Journal(action="apply", bundle="b.zip")))

    assert told_of(siblings) == ["linked and written"]
    assert told_of(siblings) == []


@pytest.mark.parametrize("data", [None, b"{"], ids=["none", "damaged"])
def test_without_a_receipt_nothing_is_said(data: bytes | None, siblings: Siblings) -> None:
    """Nothing is taken from such an environment."""
    write_durably(siblings.journal, journal_to_bytes(Journal(action="apply", bundle="b.zip")))
    (siblings.final / NAME).unlink()
    if data is not None:
        (siblings.final / NAME).write_bytes(data)

    assert told_of(siblings) == []


def test_nor_when_no_apply_was_cut_off(siblings: Siblings) -> None:
    """A folder that is only being removed tells nothing."""
    assert told_of(siblings) == []
