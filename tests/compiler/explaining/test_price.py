"""What an edit costs: tried on every target, and told by looking at what came out."""

from packaging.requirements import Requirement

from locks import WayOut

from compiler.explaining.price import helpful, ways_out
from compiler.explaining.remedy import Edit
from tests.compiler.explaining.test_remedy import runs_of
from tests.compiler.fakes import Index

BOTH = ("linux-x86_64", "windows-x86_64")
WINDOWS = ["cp311-cp311-win_amd64"]


def edit(words: str = "edit", *, without: str = "", added: str = "") -> Edit:
    """An edit of one line or two."""
    return Edit(
        words=words,
        without=frozenset(map(Requirement, filter(None, [without]))),
        added=tuple(map(Requirement, filter(None, [added]))),
    )


def test_edit_that_fails_on_any_target_is_no_way_out() -> None:
    """What helps one target and harms another is not given."""
    index: Index = {"a": {"1": {}, "2": {"tags": WINDOWS}}}
    runs = runs_of(index, platforms=BOTH)

    assert [way.edit for way in ways_out(runs, [edit("2", added="a==2"), edit("1", added="a==1")])] == ["1"]
    assert [way.edit for way in ways_out(runs[1:], [edit("2", added="a==2")])] == ["2"]


def test_edit_that_lets_a_banned_package_in_is_no_way_out() -> None:
    """The result is judged as a compile's would be."""
    runs = runs_of({"a": {"1": {"requires": ["bad"]}}, "bad": {"1": {}}})

    assert list(ways_out(runs, [edit(added="a")])) == []


def test_edit_is_helpful_without_the_lines_that_others_mend() -> None:
    """With another clash in the way an edit helps only when that one's lines are put aside."""
    runs = runs_of({"a": {"1": {}}}, "nowhere")

    assert list(helpful(runs, [edit(added="a")], aside=[Requirement("nowhere")])) == [edit(added="a")]
    assert list(helpful(runs, [edit(added="a")], aside=[])) == []


def test_price_says_what_is_taken_and_what_is_missing_where() -> None:
    """Of the packages touched; one that something else brings in all the same is not said to be missing."""
    index: Index = {
        "a": {"1": {}, "2": {"tags": WINDOWS}},
        "b": {"1": {"requires": ["a ; sys_platform == 'linux'"]}},
        "c": {"1": {}},
    }
    runs = runs_of(index, "a>=3", "b", platforms=BOTH)
    gone, changed = edit("gone", without="a>=3"), edit("changed", without="a>=3", added="a")

    assert list(ways_out(runs, [gone, changed])) == [
        WayOut(
            edit="gone",
            price=("takes a 1 on cpu-linux-x86_64-py311; a is missing on cpu-windows-x86_64-py311",),
        ),
        WayOut(
            edit="changed",
            price=("takes a 1 on cpu-linux-x86_64-py311; takes a 2 on cpu-windows-x86_64-py311",),
        ),
    ]
    assert [way.price for way in ways_out(runs[1:], [gone, changed])] == [("a is missing everywhere",), ("takes a 2",)]


MOVES: Index = {
    "app": {
        "1": {"requires": ["old", "lib<2"], "uploaded": "2024-01-01"},
        "2": {"requires": ["new", "lib"], "uploaded": "2024-03-01"},
    },
    "lib": {"1": {"uploaded": "2025-01-11"}, "2": {"uploaded": "2025-01-01"}},
    "old": {"1": {}},
    "new": {"1": {}},
}


def test_price_says_what_moves_against_the_solution_that_will_not_do() -> None:
    """Packages that change with the days between uploads, that go and that come; how old the oldest pick is."""
    (run,) = runs_of(MOVES, "app")
    before = {run: run.solve(run.requirements)}
    prices = [way.price for way in ways_out([run], [edit(added="app==1"), edit(added="lib")], before=before)]

    assert prices == [
        ("moves: app 2 -> 1 (60 days older), lib 2 -> 1 (10 days newer)", "goes: new", "comes: old"),
        ("nothing else moves",),
    ]


def test_price_counted_on_one_of_several_targets_says_on_which() -> None:
    """Other targets that will not do either may move otherwise; a healthy target does not count."""
    runs = runs_of(MOVES, "app", platforms=("linux-x86_64", "windows-x86_64", "macos-arm64"))
    before = {run: run.solve(run.requirements) for run in runs[:2]}
    (way,) = ways_out(runs, [edit(added="new")], before=before)

    assert way.price == ("nothing else moves (on cpu-linux-x86_64-py311, the first of 2)",)


def test_price_names_the_oldest_pick_that_nobody_asked_for() -> None:
    """On any target; which one is said where there are several."""
    index: Index = {
        "a": {"1": {"uploaded": "2020-01-01"}, "2": {"uploaded": "2021-01-01", "requires": ["b<2"]}},
        "b": {"1": {}, "2": {}},
    }
    runs = runs_of(index, "a", "b>=2", platforms=BOTH)
    oldest = "oldest pick: a 1 (2 is 366 days newer, but requires b<2)"

    assert [way.price for way in ways_out(runs, [edit(added="b")])] == [
        ("takes b 2", f"{oldest} on cpu-linux-x86_64-py311")
    ]
    assert [way.price for way in ways_out(runs[:1], [edit(added="b")])] == [("takes b 2", oldest)]


def test_only_so_many_moves_are_told_one_by_one() -> None:
    """Six, and how many more."""
    names = [f"p{number}" for number in range(8)]
    index: Index = {**{name: {"1": {}, "2": {}} for name in names}, "top": {"1": {"requires": names}}}
    (run,) = runs_of(index, "top")
    (way,) = ways_out(
        [run],
        [Edit(words="", added=tuple(Requirement(f"{name}==1") for name in names))],
        before={run: run.solve(run.requirements)},
    )

    assert way.price == (f"moves: {', '.join(f'{name} 2 -> 1' for name in names[:6])}, 2 more",)
