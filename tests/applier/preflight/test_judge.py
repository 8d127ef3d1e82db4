"""Whether a place is good, from the facts about it."""

from dataclasses import replace
from pathlib import Path

import pytest

from applier.bundle.contents import Contents
from applier.finding import Finding
from applier.preflight.judge import (
    judge_access,
    judge_held,
    judge_lost,
    judge_path,
    judge_room,
    judge_runtime,
    judge_use,
    needed_bytes,
)
from applier.preflight.packages import Package
from applier.preflight.place import PlaceFacts
from tests.bundles import make_lock
from tests.wheels import make_wheel

PLACE = PlaceFacts(
    final=Path("/srv/env"),
    parent=Path("/srv"),
    has_old=False,
    may_add=True,
    may_replace=True,
    free_bytes=8_000_000,
    free_files=100,
    block_bytes=4096,
    longest_path=100,
    prefix=20,
)
CONTENTS = Contents(
    stack="demo",
    stack_version="1",
    target="cpu-linux-x86_64-py311",
    members=(),
    installed_files=10,
    installed_bytes=6_000_000,
    longest_path="x" * 80,
    runner=(),
)


def texts(findings: "Finding | tuple[Finding, ...]") -> list[str]:
    """The lines that are printed."""
    return [str(finding) for finding in ((findings,) if isinstance(findings, Finding) else findings)]


def test_one_wheel_is_told_as_one() -> None:
    """Of an update that leaves one to the old environment."""
    told = texts(tuple(judge_held({"a.whl": []}, PLACE.final)))

    assert told == ["ok    files-held  old environment: the files of 1 wheel are there; their bytes are hashed later"]


def test_room_is_counted_in_whole_blocks() -> None:
    """Each file may take a block more than its size."""
    assert needed_bytes(CONTENTS, 4096, bytecode=False) == 6_000_000 + 10 * 4096


def test_bytecode_takes_room_too() -> None:
    """A file for each module, and up to two bytes for one of source."""
    contents = replace(CONTENTS, source_bytes=900_000)
    full = list(judge_room(contents, replace(PLACE, free_files=19, free_bytes=7_000_000), bytecode=True))

    assert needed_bytes(contents, 4096, bytecode=True) == 6_000_000 + 2 * 900_000 + 20 * 4096
    assert [finding.code for finding in full] == ["disk-full", "files-full"]
    assert full[1].expected == "room for 20 files"


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        pytest.param({}, ["ok    disk-fits  free space: 8.0 MB, 6.0 MB needed"], id="room"),
        pytest.param({"free_bytes": 6_040_960}, ["ok    disk-fits  free space: 6.0 MB, 6.0 MB needed"], id="just"),
        pytest.param(
            {"free_bytes": 4_000_000},
            [
                (
                    "stop  disk-full  free space at /srv: 4.0 MB; needed: 6.0 MB "
                    "(free 2.0 MB, or give another disk with --into)"
                )
            ],
            id="full",
        ),
        pytest.param(
            {"has_old": True, "free_bytes": 6_040_959},
            [
                (
                    "stop  disk-full  free space at /srv: 6.0 MB; needed: 6.0 MB beside the old environment, which "
                    "stays until the new one is proven (free 1 byte, or give another disk with --into, or "
                    "have the old one removed first, by --destroy-first)"
                )
            ],
            id="one byte short beside the old one",
        ),
        pytest.param(
            {"free_files": 9},
            [
                "ok    disk-fits  free space: 8.0 MB, 6.0 MB needed",
                (
                    "stop  files-full  file system at /srv: room for 9; needed: room for 10 files "
                    "(remove small files there, or give another disk with --into)"
                ),
            ],
            id="no room for files",
        ),
        pytest.param(
            {"free_files": None}, ["ok    disk-fits  free space: 8.0 MB, 6.0 MB needed"], id="files are not counted"
        ),
    ],
)
def test_the_disk_must_hold_both_environments(changes: dict[str, object], expected: list[str]) -> None:
    """The new one is built beside the old one, so all of it must be free; the message says how much is missing."""
    place = replace(PLACE, **changes)  # type: ignore[arg-type]  # each row's values fit their fields

    assert texts(tuple(judge_room(CONTENTS, place))) == expected


def test_what_is_removed_first_makes_room() -> None:
    """What goes before the new environment is built is room for it, however much it is."""
    place = replace(PLACE, free_bytes=4_000_000)

    assert [each.level for each in judge_room(CONTENTS, place, freed_bytes=3_000_000)] == ["ok"]
    assert [each.level for each in judge_room(CONTENTS, replace(place, free_bytes=0), freed_bytes=9_000_000)] == ["ok"]


def test_the_longest_path_counts_where_it_is_built() -> None:
    """The limit holds for the path in the folder where the environment is built; at the limit is still fine."""
    assert texts(judge_path(CONTENTS, PLACE)) == ["ok    path-fits  longest path: 100 of 100"]
    (text,) = texts(judge_path(CONTENTS, replace(PLACE, prefix=23)))
    assert text == (
        f"stop  path-too-long  {Path('/srv/env')}: {'x' * 80}: 103; needed: at most 100 (give a folder whose path is 3 "
        "shorter with --into, or on Windows switch long paths on (LongPathsEnabled))"
    )


@pytest.mark.parametrize(
    ("changes", "closed"),
    [({"may_add": False}, PLACE.parent), ({"may_replace": False}, PLACE.final), ({}, None)],
    ids=["parent", "old environment", "open"],
)
def test_a_place_that_may_not_be_written_is_named(changes: dict[str, bool], closed: Path | None) -> None:
    """The folder that is closed is told: the one above, or the old environment itself."""
    finding = judge_access(replace(PLACE, **changes))  # type: ignore[arg-type]  # each row's values fit their fields

    assert (finding.level, finding.what) == (("stop", str(closed)) if closed else ("ok", "place"))


def test_who_uses_the_old_environment_stops_on_windows_only() -> None:
    """Windows moves no folder in use; elsewhere, or when they will be ended, it is told. A long list is cut."""
    users = [f"python (process {number})" for number in range(10)]

    assert judge_use((), PLACE.final, windows=True, ended=False).level == "ok"
    assert judge_use(users, PLACE.final, windows=True, ended=False).level == "stop"
    assert judge_use(users, PLACE.final, windows=True, ended=True).level == "warn"
    assert texts(judge_use(users[:1], PLACE.final, windows=False, ended=False)) == [
        (
            f"warn  environment-in-use  {PLACE.final}: in use by python (process 0) "
            "(they may miss files once it is removed: start them again afterwards)"
        )
    ]
    assert judge_use(users, PLACE.final, windows=False, ended=False).found.endswith("python (process 7) and 2 more")


def test_lost_packages_are_named_as_they_are_asked_for() -> None:
    """Added packages are told with version or address, and where their list will be."""
    lost = (Package(name="a", version="1"), Package(name="b", version="2", address="file:///src/b"))

    assert texts(judge_lost(lost, PLACE.final)) == [
        (
            f"warn  packages-lost  {PLACE.final}: 2 not from its bundle will be gone: a==1, b @ file:///src/b "
            "(their list is kept in env.venvault-lost.txt)"
        )
    ]
    assert judge_lost((), PLACE.final).level == "ok"


def test_torch_does_not_start_without_the_runtime() -> None:
    """On Windows a missing C++ runtime stops a bundle with torch, and is told of any other."""
    torch, other = make_lock([make_wheel("torch", "2.5.1")]), make_lock([make_wheel("demo", "1")])

    assert judge_runtime((), torch).level == "ok"
    assert judge_runtime(("msvcp140.dll",), other).level == "warn"
    assert texts(judge_runtime(("vcruntime140_1.dll", "msvcp140.dll"), torch)) == [
        (
            "stop  runtime-missing  Visual C++ runtime: no vcruntime140_1.dll, msvcp140.dll; needed: the Microsoft "
            "Visual C++ Redistributable 2015-2022 (x64) (install it: https://aka.ms/vs/17/release/vc_redist.x64.exe)"
        )
    ]
