"""What an old environment holds of a bundle: what is worth a look before anything is planned."""

from collections.abc import Mapping
from pathlib import Path

from applier.bundle.extent import NOWHERE
from applier.environment.receipt import InstalledFile
from applier.held import Held, look_jobs

LARGE = 2 << 20


def _file(letter: str, size_bytes: int = LARGE) -> InstalledFile:
    return InstalledFile(sha256=letter * 43, size_bytes=size_bytes)


def _looked_at(files: Mapping[str, InstalledFile], **outlines: str) -> list[str]:
    """The paths that are looked at; an outline has the digests of these letters."""
    held = Held(
        files=files,
        outlines={name: "".join(f'"sha256={c * 43}",' for c in letters).encode() for name, letters in outlines.items()},
    )
    jobs = list(look_jobs(held, Path("/env")))

    assert all(job.looks and job.extent == NOWHERE for job in jobs)
    assert all(file.is_spare and file.is_held and file.algorithm == "sha256" for job in jobs for file in job.files)
    return [file.path for job in jobs for file in job.files]


def test_large_files_of_outlined_wheels_are_looked_at_in_their_order() -> None:
    """As the wheels are, then as their outlines have them; of one digest each file, and none twice."""
    files = {"late": _file("b"), "early": _file("a"), "again": _file("a"), "elsewhere": _file("x")}

    assert _looked_at(files, first="a", second="ba") == ["early", "again", "late"]


def test_what_is_small_is_not_worth_a_look() -> None:
    """Opening it twice would take longer than hashing it; a link has no bytes at all."""
    files = {"small": _file("a", 1000), "large": _file("b"), "link": InstalledFile(link="large")}

    assert _looked_at(files, wheel="ab") == ["large"]


def test_without_outlines_nothing_is_looked_at() -> None:
    """Nobody knows what the bundle has in common with it; its wheels are read instead."""
    assert _looked_at({"large": _file("a")}) == []
