"""Changes that might help: as little as will do, and nothing that cannot be written in this manifest."""

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from locks import Drop
from locks.metadata import applies

from compiler import read_manifest
from compiler.errors import ResolutionError
from compiler.explaining.remedy import Edit, edits_for_ban, edits_for_clash, together
from compiler.solving.closure import TargetRun
from tests.compiler.fakes import Index, Release, runs_from

EVERY_PLATFORM = ("linux-x86_64", "linux-aarch64", "windows-x86_64", "macos-arm64")


def runs_of(index: Index, *lines: str, platforms: tuple[str, ...] = ("linux-x86_64",)) -> list[TargetRun]:
    """The runs of a manifest with these lines, one for each platform; `bad` is blacklisted."""
    text = f"""
[stack]
name = "demo"
version = "1"
python = ["3.11"]
platforms = {list(platforms)}
requirements = {list(lines)}
[variants.cpu]
[blacklist]
bad = "no"
"""
    return runs_from(read_manifest(text), {"ordinary": index})


def words_for(runs: list[TargetRun], *lines: str, aside: frozenset[Requirement] = frozenset()) -> list[str]:
    """What is thought of for a clash of these lines."""
    platforms = [run.target.platform for run in runs]
    clash = [Requirement(line) for line in lines]
    return [edit.words for edit in edits_for_clash(runs, clash, aside=aside, platforms=platforms)]


FOUR = {version: Release() for version in ("1.0", "1.5", "2.0", "3.0")}
LOOSENED = [
    ("a lower bound", "a>=2", "a<=1.7", "a>=1.5"),
    ("an upper bound", "a<1.2", "a>=1.5", "a"),
    ("a pin", "a==2.0", "a<2", "a==1.5"),
    ("a compatible release", "a~=2.0", "a<2", "a>=1.5"),
    ("what still holds stays", "a>=2,!=1.0", "a<2", "a!=1.0,>=1.5"),
    ("extras and marker stay", "a[x]>=2 ; python_version > '3'", "a<2", 'a[x]>=1.5; python_version > "3"'),
]


@pytest.mark.parametrize(("line", "other", "wider"), [pytest.param(*case, id=name) for name, *case in LOOSENED])
def test_line_is_loosened_by_no_more_than_it_must(line: str, other: str, wider: str) -> None:
    """The newest version that the others admit is admitted, and the line's other words stay."""
    runs = runs_of({"a": FOUR}, line, other)

    assert words_for(runs, line, other)[0] == f"change '{Requirement(line)}' to '{wider}'"


def test_line_is_loosened_for_all_targets_that_have_the_clash() -> None:
    """Where targets could take different versions, the lowest is admitted."""
    windows: Release = {"tags": ["cp311-cp311-win_amd64"]}
    index: Index = {"a": {"1": {}, "2": windows, "3": {}}}
    runs = runs_of(index, "a>=3", "a<3", platforms=("windows-x86_64", "linux-x86_64"))

    assert words_for(runs, "a>=3")[0] == "change 'a>=3' to 'a>=1'"


ELSEWHERE = [
    ("one of two systems", ("linux-x86_64", "windows-x86_64"), ["windows-x86_64"], "sys_platform != 'win32'"),
    (
        "two of three systems",
        ("linux-x86_64", "windows-x86_64", "macos-arm64"),
        ["windows-x86_64", "macos-arm64"],
        "sys_platform != 'darwin' and sys_platform != 'win32'",
    ),
    (
        "one machine of a system",
        EVERY_PLATFORM,
        ["linux-aarch64"],
        "(sys_platform != 'linux' or platform_machine != 'aarch64')",
    ),
    ("a whole system of two machines", EVERY_PLATFORM, ["linux-x86_64", "linux-aarch64"], "sys_platform != 'linux'"),
]


@pytest.mark.parametrize(
    ("platforms", "failing", "marker"), [pytest.param(*case, id=name) for name, *case in ELSEWHERE]
)
def test_line_is_kept_to_the_platforms_that_do_not_fail(
    platforms: tuple[str, ...], failing: list[str], marker: str
) -> None:
    """The marker holds on the manifest's other platforms, and on none of those that fail."""
    runs = runs_of({"a": {"1": {}}}, "a>=2", platforms=platforms)
    failed = [run for run in runs if run.target.platform.name in failing]
    every = [run.target.platform for run in runs]
    edits = edits_for_clash(failed, [Requirement("a>=2")], platforms=every)
    edit = next(edit for edit in edits if "sys_platform" in edit.words)
    (line,) = edit.added

    assert line == Requirement(f"a>=2 ; {marker}")
    held = {run.target.platform.name for run in runs if applies(line, run.target.environment(), frozenset())}
    assert held == set(platforms) - set(failing)


def test_line_is_not_sent_elsewhere_where_there_is_none() -> None:
    """When all platforms that are tried fail alike, no marker helps; a line with a marker gets no second one."""
    both = ("linux-x86_64", "windows-x86_64")

    assert words_for(runs_of({"a": {"1": {}}}, "a>=2", platforms=both), "a>=2") == [
        "change 'a>=2' to 'a>=1'",
        "leave out 'a>=2'",
    ]
    marked = "b ; python_version > '3'"
    runs = runs_of({"a": {"1": {}}}, marked, platforms=both)
    every = [run.target.platform for run in runs]
    edits = edits_for_clash(runs[:1], [Requirement(marked)], platforms=every)
    assert [edit.words for edit in edits] == ["leave out 'b; python_version > \"3\"'"]


def test_lines_at_fault_for_other_reasons_are_put_aside() -> None:
    """One clash is mended as if the others were none."""
    runs = runs_of({"a": FOUR}, "a>=9", "nowhere")

    assert words_for(runs, "a>=9") == ["leave out 'a>=9'"]
    assert words_for(runs, "a>=9", aside=frozenset([Requirement("nowhere")]))[0] == "change 'a>=9' to 'a>=3.0'"


BANNED: Index = {
    "app": {"1": {}, "2": {"requires": ["zoo>=2"]}, "3": {"requires": ["zoo>=3"]}},
    "zoo": {"2": {}, "3": {"requires": ["bad"]}, "4": {"requires": ["bad"]}},
    "bad": {"1": {}},
}


def test_banned_package_has_three_ways_round_it() -> None:
    """The nearest clean release, held where the chain moved last; the edge cut; the manifest's line left out."""
    (run,) = runs_of(BANNED, "app")

    assert list(edits_for_ban({run: run.solve(run.requirements)})) == [
        Edit(words="add 'zoo==2' to the requirements", added=(Requirement("zoo==2"),)),
        Edit(
            words='cut the edge: [[drop]] package = "zoo", requires = "bad", with a reason',
            drops=(Drop(package=canonicalize_name("zoo"), requires=canonicalize_name("bad"), reason=""),),
            price=("zoo goes without the bad it declares: try what you use of it",),
        ),
        Edit(words="do without 'app'", without=frozenset([Requirement("app")])),
    ]


def test_banned_package_named_in_the_manifest_itself_has_no_edge_to_cut() -> None:
    """What the author wrote can only be taken back."""
    (run,) = runs_of({"bad": {"1": {}}}, "bad")

    assert [edit.words for edit in edits_for_ban({run: run.solve(run.requirements)})] == ["do without 'bad'"]


def test_every_edge_and_line_that_leads_to_a_ban_on_any_target_is_in_one_edit() -> None:
    """Two ways, on one of two targets each: cutting one alone would not help."""
    index: Index = {**BANNED, "tool": {"1": {"requires": ["bad ; sys_platform == 'win32'"]}}}
    platforms = ("linux-x86_64", "windows-x86_64")
    runs = runs_of(index, "app ; sys_platform == 'linux'", "tool", platforms=platforms)
    words = [edit.words for edit in edits_for_ban({run: run.solve(run.requirements) for run in runs})]

    assert words[-2:] == [
        (
            'cut the edge: [[drop]] package = "tool", requires = "bad"; '
            '[[drop]] package = "zoo", requires = "bad", with a reason'
        ),
        "do without 'app; sys_platform == \"linux\"' and 'tool'",
    ]


def test_edit_is_solved_as_the_manifest_would_be() -> None:
    """Lines taken away, added, edges cut, and the verdict on what comes out."""
    (run,) = runs_of(BANNED, "app", "nowhere")
    app, nowhere = map(Requirement, ("app", "nowhere"))
    mended = Edit(words="", without=frozenset([nowhere]), added=(Requirement("zoo==2"),))

    assert {name: str(wheel.version) for name, wheel in mended.solve(run).wheels.items()} == {"app": "2", "zoo": "2"}
    assert set(Edit(words="", without=frozenset([app])).solve(run, aside=[nowhere]).wheels) == set()
    with pytest.raises(ResolutionError):
        Edit(words="").solve(run)


def test_edits_are_made_together() -> None:
    """One change with all that the parts take away, add, cut and cost."""
    a, b = Requirement("a"), Requirement("b")
    parts = [Edit(words="one", without=frozenset([a]), price=("dear",)), Edit(words="two", added=(b,))]

    assert together(parts) == Edit(words="one; two", without=frozenset([a]), added=(b,), price=("dear",))
