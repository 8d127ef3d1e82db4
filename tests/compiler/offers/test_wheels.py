"""A page's files become one wheel for each version: the best the target can take."""

from datetime import date

import pytest
from packaging.utils import canonicalize_name
from packaging.version import Version

from locks import Target

from compiler.offers.wheels import UNFIT, Cutoff, Shelf, admits, rank_tags, shelve, wheels_among
from tests.compiler.fakes import make_link, make_target

LINUX = make_target()
MAC = make_target(platform="macos-arm64")
WINDOWS = make_target(platform="windows-x86_64")
DEMO = canonicalize_name("demo")


def shelf_of(*filenames: str, target: Target = LINUX) -> Shelf:
    """What a target has of these files."""
    wheels = wheels_among(map(make_link, filenames), name=DEMO, index="ordinary")
    return shelve(wheels, target=target, rank=rank_tags(target.tags()))


def chosen(*filenames: str, target: Target = LINUX) -> str:
    """The one file that a target takes of these, all of one version."""
    (wheel,) = shelf_of(*filenames, target=target).wheels.values()
    return wheel.link.filename


BEST = [
    ("own interpreter before any", LINUX, "demo-1-cp311-cp311-manylinux_2_17_x86_64.whl", "demo-1-py3-none-any.whl"),
    (
        "newer glibc before older",
        LINUX,
        "demo-1-cp311-cp311-manylinux_2_28_x86_64.whl",
        "demo-1-cp311-cp311-manylinux2014_x86_64.whl",
    ),
    (
        "best tag of a set counts",
        LINUX,
        "demo-1-cp311-cp311-manylinux_2_5_x86_64.manylinux_2_27_x86_64.whl",
        "demo-1-cp311-cp311-manylinux_2_26_x86_64.whl",
    ),
    (
        "own ABI before the stable one",
        LINUX,
        "demo-1-cp311-cp311-linux_x86_64.whl",
        "demo-1-cp310-abi3-manylinux_2_28_x86_64.whl",
    ),
    ("build tag decides among equals", LINUX, "demo-1-2-py3-none-any.whl", "demo-1-py3-none-any.whl"),
    ("build tags count as numbers", LINUX, "demo-1-10-py3-none-any.whl", "demo-1-9-py3-none-any.whl"),
    ("build letters break the tie", LINUX, "demo-1-1b-py3-none-any.whl", "demo-1-1a-py3-none-any.whl"),
    (
        "better tag before higher build",
        LINUX,
        "demo-1-cp311-cp311-linux_x86_64.whl",
        "demo-1-3-py3-none-any.whl",
    ),
    (
        "newer macOS before older",
        MAC,
        "demo-1-cp311-cp311-macosx_14_0_arm64.whl",
        "demo-1-cp311-cp311-macosx_11_0_arm64.whl",
    ),
    (
        "arm64 before universal2",
        MAC,
        "demo-1-cp311-cp311-macosx_11_0_arm64.whl",
        "demo-1-cp311-cp311-macosx_11_0_universal2.whl",
    ),
    ("Windows", WINDOWS, "demo-1-cp311-cp311-win_amd64.whl", "demo-1-cp311-none-any.whl"),
]


@pytest.mark.parametrize(("target", "better", "worse"), [pytest.param(*case, id=name) for name, *case in BEST])
def test_best_wheel_of_a_version_is_taken_in_whatever_order(target: Target, better: str, worse: str) -> None:
    """Between two files of one version the better one is taken, wherever it stands on the page."""
    assert chosen(better, worse, target=target) == chosen(worse, better, target=target) == better


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param("demo-1.0-py3-none-any.whl", "demo-1.0.0-py3-none-any.whl", id="version"),
        pytest.param("demo-1-py3-none-any.whl", "Demo-1-py3-none-any.whl", id="name"),
    ],
)
def test_of_two_spellings_the_same_is_taken_in_whatever_order(one: str, other: str) -> None:
    """Files that only their spelling tells apart stand on a page in any order; the shelf has the wheel's own."""
    (wheel,) = shelf_of(one, other).wheels.values()
    ((version, again),) = shelf_of(other, one).wheels.items()

    assert again == wheel
    assert str(version) == str(wheel.version)


REFUSED = [
    ("another Python", "demo-1-cp312-cp312-manylinux_2_17_x86_64.whl"),
    ("free-threaded", "demo-1-cp311-cp311t-manylinux_2_17_x86_64.whl"),
    ("another machine", "demo-1-cp311-cp311-manylinux_2_17_aarch64.whl"),
    ("newer glibc than the floor", "demo-1-cp311-cp311-manylinux_2_29_x86_64.whl"),
    ("another libc", "demo-1-cp311-cp311-musllinux_1_2_x86_64.whl"),
    ("another system", "demo-1-cp311-cp311-win_amd64.whl"),
]


@pytest.mark.parametrize("filename", [pytest.param(filename, id=name) for name, filename in REFUSED])
def test_wheel_for_other_machines_is_refused_with_the_reason(filename: str) -> None:
    """What the target cannot take is not on the shelf, and the shelf says why."""
    assert shelf_of(filename) == Shelf(wheels={}, refused={Version("1"): UNFIT})


def test_release_without_a_usable_wheel_has_the_reason_of_the_wheel_that_came_furthest() -> None:
    """Releases are told newest first; one that has a usable wheel is not among them, whatever its others lack."""
    links = [
        make_link("demo-1-py3-none-any.whl"),
        make_link("demo-1-cp311-cp311-win_amd64.whl"),
        make_link("demo-2-py3-none-any.whl", yanked=True),
        make_link("demo-2-cp311-cp311-win_amd64.whl"),
        make_link("demo-3-py3-none-any.whl", requires_python=">=3.12"),
        make_link("demo-4-py3-none-any.whl", requires_python=">=3.12"),
        make_link("demo-5-py3-none-any.whl", yanked=True),
        make_link("demo-5-cp311-none-any.whl", requires_python=">=3.12"),
    ]
    wheels = wheels_among(links, name=DEMO, index="ordinary")

    shelf = shelve(wheels, target=LINUX, rank=rank_tags(LINUX.tags()))

    assert list(shelf.wheels) == [Version("1")]
    assert [(str(version), str(refusal)) for version, refusal in shelf.refused.items()] == [
        ("5", "yanked"),
        ("4", "needs Python >=3.12"),
        ("3", "needs Python >=3.12"),
        ("2", "yanked"),
    ]


def test_yanked_wheel_is_there_for_whoever_allows_it() -> None:
    """With yanked files allowed, a yanked release stands on the shelf like any other."""
    wheels = wheels_among([make_link("demo-2-py3-none-any.whl", yanked=True)], name=DEMO, index="ordinary")

    shelf = shelve(wheels, target=LINUX, rank=rank_tags(LINUX.tags()), allow_yanked=True)

    assert (list(shelf.wheels), dict(shelf.refused)) == ([Version("2")], {})


def test_yanked_file_gives_way_to_a_sound_one_of_its_version() -> None:
    """Where a version has a file that was not yanked, a yanked one is never taken, whatever its tags (PEP 592)."""
    links = [make_link("demo-1-2-py3-none-any.whl", yanked=True), make_link("demo-1-1-py3-none-any.whl")]
    wheels = wheels_among(links, name=DEMO, index="ordinary")

    shelf = shelve(wheels, target=LINUX, rank=rank_tags(LINUX.tags()), allow_yanked=True)

    assert [wheel.link.filename for wheel in shelf.wheels.values()] == ["demo-1-1-py3-none-any.whl"]


@pytest.mark.parametrize(
    ("index", "uploaded", "words"),
    [
        pytest.param("ordinary", "2025-01-31", None, id="that day"),
        pytest.param("ordinary", "2025-02-01", "uploaded after 2025-01-31", id="the day after"),
        pytest.param("ordinary", None, "without an upload time", id="undated"),
        pytest.param("cu124", None, None, id="undated, where that is borne"),
        pytest.param("cu124", "2025-02-01", "uploaded after 2025-01-31", id="dated, where it need not be"),
    ],
)
def test_wheel_is_refused_by_its_day_or_for_want_of_one(index: str, uploaded: str | None, words: str | None) -> None:
    """Nothing newer than the last day is taken, and nothing without a time but from an index named as undated."""
    link = make_link("demo-1-py3-none-any.whl", uploaded=uploaded)
    cutoff = Cutoff(day=date(2025, 1, 31), undated=frozenset(["cu124"]))
    (wheel,) = wheels_among([link], name=DEMO, index=index)

    refusal = cutoff.refusal(wheel)

    assert (refusal and str(refusal)) == words


@pytest.mark.parametrize(
    ("requires_python", "admitted"),
    [
        pytest.param(None, True, id="none"),
        pytest.param("", True, id="empty"),
        pytest.param(">=3.9", True, id="lower bound"),
        pytest.param(">=3.11,<3.12", True, id="this minor"),
        pytest.param("==3.11.*", True, id="this minor by pattern"),
        pytest.param("<3.11", False, id="older only"),
        pytest.param(">=3.12", False, id="newer only"),
        pytest.param("three", True, id="unreadable"),
        pytest.param("<3.4.*", False, id="wart"),
        pytest.param(">=3.9<3.12", True, id="wart that admits"),
        pytest.param(f">={'1' * 5000}", True, id="number without end"),
        pytest.param(f">=3.*,<{'1' * 5000}", True, id="wart and number without end"),
    ],
)
def test_requires_python_is_judged_for_the_target(requires_python: str | None, *, admitted: bool) -> None:
    """A Python limit is held against the target's Python, not this one; warts are mended, nonsense limits nothing."""
    assert admits(requires_python, LINUX) is admitted
    assert admits(">=3.14", make_target(python="3.14"))


def test_local_labels_are_versions_of_their_own() -> None:
    """A label makes another version, newer than the plain one; labels compare part by part."""
    names = ["demo-1.0-py3-none-any.whl", "demo-1.0+cu124-py3-none-any.whl", "demo-1.0+cu121-py3-none-any.whl"]

    assert list(map(str, shelf_of(*names).wheels)) == ["1.0+cu124", "1.0+cu121", "1.0"]


def test_page_with_many_files_is_sorted_newest_first() -> None:
    """Hundreds of releases for many platforms give one wheel each, by version and not by text."""
    tags = ["cp310-cp310", "cp311-cp311", "cp312-cp312"]
    systems = ["manylinux_2_17_x86_64.manylinux2014_x86_64", "win_amd64", "macosx_11_0_arm64"]
    names = [f"demo-1.{minor}-{tag}-{system}.whl" for minor in range(300) for tag in tags for system in systems]

    shelf = shelf_of(*reversed(names))

    assert [str(version) for version in shelf.wheels] == [f"1.{minor}" for minor in reversed(range(300))]
    assert {tuple(wheel.link.filename.split("-", 2)[2:]) for wheel in shelf.wheels.values()} == {
        ("cp311-cp311-manylinux_2_17_x86_64.manylinux2014_x86_64.whl",)
    }
    assert shelf.refused == {}


STRAYS = [
    ("source distribution", "demo-1.tar.gz"),
    ("another project", "demo_extras-1-py3-none-any.whl"),
    ("too few parts", "demo-1-py3.whl"),
    ("too many parts", "demo-1-2-3-py3-none-any.whl"),
    ("no version", "demo-one-py3-none-any.whl"),
    ("build tag without a number", "demo-1-x-py3-none-any.whl"),
    ("signature", "demo-1-py3-none-any.whl.asc"),
    ("path for a build tag", "demo-1-1/../../demo-py3-none-any.whl"),
    ("Windows path for a build tag", "demo-1-1\\..\\demo-py3-none-any.whl"),
    ("word to the terminal for a tag", "demo-1-py3-none-any.\x1b[2J.whl"),
    ("second line for a tag", "demo-1-py3-none-any.\n.whl"),
]


@pytest.mark.parametrize("filename", [pytest.param(filename, id=name) for name, filename in STRAYS])
def test_strays_on_a_page_are_passed_over(filename: str) -> None:
    """A file that is no wheel of the project neither counts nor harms."""
    found = wheels_among([make_link(filename), make_link("Demo-1-py3-none-any.whl")], name=DEMO, index="cu124")

    assert [(wheel.link.filename, wheel.index) for wheel in found] == [("Demo-1-py3-none-any.whl", "cu124")]
