"""How old picks are, and who keeps them there: told, added up, and judged by the manifest's limits."""

from collections.abc import Mapping

import pytest
from packaging.requirements import Requirement
from packaging.utils import NormalizedName, canonicalize_name
from packaging.version import Version

from locks import Problem

from compiler.manifest.model import AgeLimits
from compiler.offers.wheels import Shelf, Wheel
from compiler.solving.age import Lag, days_between, judge_ages, lags, report_lines, total_days
from compiler.solving.graph import Graph
from tests.compiler.fakes import make_target, make_wheel_on

A = canonicalize_name("a")
LINUX, WINDOWS = make_target(), make_target(platform="windows-x86_64")
RELEASES = {
    "1": "2022-01-01",
    "2": "2023-01-01",
    "2.1": "2022-06-01",  # a fix for the old, uploaded before 2
    "3rc1": "2023-12-01",
    "3": "2024-01-01",
    "4": None,
}


def shelf(releases: Mapping[str, str | None]) -> Shelf:
    """Releases of `a` by their day of upload, newest first."""
    wheels = [make_wheel_on("ordinary", "a", version, uploaded=day) for version, day in releases.items()]
    return Shelf(wheels={wheel.version: wheel for wheel in sorted(wheels, key=lambda it: it.version)[::-1]}, refused={})


def lags_of(
    picked: str,
    *roots: str,
    asker: str = "b",
    releases: Mapping[str, str | None] = RELEASES,
    unmet: str = "",
    preferred: str = "",
) -> list[tuple[str, int, str, str]]:
    """What lies behind when `a` is picked at a version: (newest, days, held by, because)."""
    offered = shelf(releases)
    b = make_wheel_on("ordinary", "b", "7")
    graph = Graph(
        roots=tuple(map(Requirement, ("b", *roots))),
        wheels={A: offered.wheels[Version(picked)], b.name: b},
        edges={A: (), b.name: (Requirement(asker),)},
    )
    kept: dict[NormalizedName, Version] = {A: Version(preferred)} if preferred else {}

    def shelf_of(wheel: Wheel) -> Shelf:
        return offered if wheel.name == A else Shelf(wheels={wheel.version: wheel}, refused={})

    found = lags(graph, shelf_of, lambda wheel: unmet, preferred=kept)
    assert all(lag.name == "a" and str(lag.picked) == picked for lag in found)
    return [(str(lag.newest), lag.days, lag.held_by, lag.because) for lag in found]


DATED = {version: day for version, day in RELEASES.items() if day}


def test_pick_is_compared_with_the_newest_release_nobody_speaks_against() -> None:
    """Days between the two uploads; nobody holds it back, so the search went back to it."""
    assert lags_of("1", "a", releases=DATED) == [("3", 730, "", "")]


def test_what_the_newest_release_would_need_is_the_reason() -> None:
    """The requirement that the rest does not meet is given."""
    assert lags_of("1", "a", releases=DATED, unmet="c>=2") == [("3", 730, "", "c>=2")]


@pytest.mark.parametrize(
    ("root", "asker", "found"),
    [
        pytest.param("a<3", "b", [("2.1", 151, "", "")], id="the manifest's own word does not count"),
        pytest.param("a<2", "b", [], id="nothing newer that the manifest admits"),
        pytest.param("a", "a<3", [("2.1", 151, "", ""), ("3", 730, "b 7", "")], id="a package holds it, in part"),
        pytest.param("a", "a<2", [("3", 730, "b 7", "")], id="a package holds it"),
        pytest.param("a<3", "a<2", [("2.1", 151, "b 7", "")], id="a package and the manifest"),
    ],
)
def test_who_keeps_a_pick_from_the_newest_is_named(
    root: str, asker: str, found: list[tuple[str, int, str, str]]
) -> None:
    """A package's requirement makes it the holder; the manifest's author knows what he rules out."""
    assert lags_of("1", root, asker=asker, releases=DATED) == found


def test_version_that_was_kept_counts_as_asked_for() -> None:
    """An earlier lock, or another target, is the holder then, and no reason is looked for."""
    held = "an earlier lock, or another target"

    assert lags_of("1", "a", releases=DATED, unmet="c>=2", preferred="1") == [("3", 730, held, "")]
    assert lags_of("2", "a", releases=DATED, preferred="1") == [("3", 365, "", "")]


def test_newest_release_without_a_time_of_upload_hides_none_before_it() -> None:
    """Of the releases that tell when they were uploaded the newest counts, and only if that was later."""
    assert lags_of("1", "a") == [("3", 730, "", "")]
    assert lags_of("1", "a", asker="a<2") == [("3", 730, "b 7", "")]
    assert lags_of("2", "a", releases={"2": "2023-01-01", "2.1": "2023-02-01", "2.2": "2022-06-01"}) == [
        ("2.1", 31, "", "")
    ]


@pytest.mark.parametrize(
    ("picked", "releases"),
    [
        pytest.param("3", DATED, id="the newest"),
        pytest.param("3", RELEASES, id="a newer one without a time of upload"),
        pytest.param("1", {"1": None, "3": "2024-01-01"}, id="a pick without a time of upload"),
        pytest.param("2", {"2": "2023-01-01", "2.1": "2022-06-01"}, id="a newer release uploaded before"),
        pytest.param("2", {"2": "2023-01-01", "3rc1": "2023-12-01"}, id="a pre-release"),
    ],
)
def test_what_is_not_behind_is_not_told(picked: str, releases: Mapping[str, str | None]) -> None:
    """Only a newer final release that was uploaded later counts."""
    assert lags_of(picked, "a", releases=releases) == []


def test_pre_release_lies_behind_newer_ones() -> None:
    """Who takes a pre-release is compared with pre-releases too."""
    releases = {"3rc1": "2023-12-01", "3rc2": "2023-12-11"}

    assert lags_of("3rc1", "a", releases=releases) == [("3rc2", 10, "", "")]


def test_days_need_both_times_of_upload() -> None:
    """Whole days between, negative when the first is the older; none where one is unknown."""
    old, new, unknown = (
        make_wheel_on("ordinary", "a", "1", uploaded=day) for day in ("2024-02-28", "2024-03-01", None)
    )

    assert (days_between(new, old), days_between(old, new)) == (2, -2)
    assert (days_between(new, unknown), days_between(unknown, old)) == (0, 0)


def lag(name: str, days: int, held_by: str = "", because: str = "") -> Lag:
    """A lag of so many days."""
    return Lag(
        name=canonicalize_name(name),
        picked=Version("1"),
        newest=Version("2"),
        days=days,
        held_by=held_by,
        because=because,
    )


def test_quiet_lags_are_added_up_from_the_limit_on() -> None:
    """What somebody asked for, and what is younger than a warning is worth, does not count."""
    found = [lag("a", 400), lag("b", 364), lag("c", 365), lag("d", 999, "e 1")]

    assert total_days(found, AgeLimits()) == 765
    assert total_days(found, AgeLimits(warn_days=0)) == 1129


def test_report_says_each_thing_once_with_its_targets() -> None:
    """Quiet ones first and all of them, worst first; of those that a package holds, the worst and how many more."""
    found = {
        LINUX: [lag("a", 400), lag("b", 500, because="c>=2"), lag("x", 600, "e 1"), lag("y", 700, "e 1")],
        WINDOWS: [lag("a", 400), lag("b", 500, because="c>=2"), lag("x", 600, "f 1")],
    }

    assert report_lines(found, AgeLimits()) == [
        (
            "old, though no requirement asks for it: b 1 (2 is 500 days newer, but requires c>=2); "
            "a 1 (2 is 400 days newer) on cpu-linux-x86_64-py311, cpu-windows-x86_64-py311"
        ),
        "held back by e 1: y 1 (2 is 700 days newer) and 1 more on cpu-linux-x86_64-py311",
        "held back by f 1: x 1 (2 is 600 days newer) on cpu-windows-x86_64-py311",
    ]


def test_report_leaves_out_what_is_young_or_allowed() -> None:
    """The manifest's `warn-days` and `allow` are kept to."""
    found = {LINUX: [lag("a", 364), lag("b", 400)]}

    assert report_lines(found, AgeLimits(allowed=frozenset([canonicalize_name("b")]))) == []
    assert len(report_lines(found, AgeLimits(warn_days=364))) == 1


def test_pick_fails_from_the_limit_on_unless_somebody_asks_for_it() -> None:
    """One problem for each quiet pick that is as old as the limit; allowed and held ones pass; no limit, no problem."""
    found = [lag("a", 100), lag("b", 99), lag("c", 500), lag("d", 500, "e 1")]
    allowed = frozenset([canonicalize_name("c")])

    assert judge_ages(LINUX, found, AgeLimits(fail_days=100, allowed=allowed)) == [
        Problem(
            code="pick-too-old",
            where="cpu-linux-x86_64-py311: a",
            expected="a release at most 100 days older than the newest that would do",
            found="a 1 (2 is 100 days newer)",
            hint="give it a lower bound to see what stands in the way, name it in [age] allow, or raise fail-days",
        )
    ]
    assert judge_ages(LINUX, found, AgeLimits()) == []
