"""What failed on all targets together: each cause once, cut down to the lines that matter, with ways that work."""

from locks import Error, IndexUnavailable, Problem
from locks.progress import SILENT, Reporter

from compiler.errors import BlacklistError, Deadlock, ResolutionError
from compiler.explaining.explain import explain
from compiler.solving.closure import TargetRun
from compiler.solving.graph import Graph
from tests.compiler.explaining.test_remedy import EVERY_PLATFORM, runs_of
from tests.compiler.fakes import Index, Release
from tests.reporters import Told

WINDOWS_ONLY = Release(tags=["cp311-cp311-win_amd64"])
BOTH = ("linux-x86_64", "windows-x86_64")


def explained(runs: list[TargetRun], reporter: Reporter = SILENT) -> Error:
    """What is said of the runs that fail."""
    failures: list[tuple[TargetRun, Error]] = []
    for run in runs:
        try:
            run.close({})
        except (ResolutionError, BlacklistError) as error:
            failures.append((run, error))
    failed = [run for run, _ in failures]
    return explain(failures, [run for run in runs if run not in failed], reporter)


def edits_of(error: Error) -> list[str]:
    """The ways out, without their prices."""
    return [way.edit for way in error.ways_out]


def faults_of(error: Error) -> list[str]:
    """For each problem the manifest's lines that are at fault."""
    return [problem.because[0] for problem in error.problems]


def test_clash_is_cut_down_to_the_lines_at_fault() -> None:
    """Of many lines only those that clash are named, and what is said is of them alone."""
    index: Index = {**{name: {"1": {}, "2": {}} for name in "abcdefg"}, "top": {"1": {"requires": ["d<2"]}}}

    error = explained(runs_of(index, "a", "b>=2", "c", "d>=2", "e", "f", "g", "top"))

    assert faults_of(error) == ["your lines that clash: 'd>=2', 'top'"]
    assert edits_of(error) == ["change 'd>=2' to 'd>=1'", "leave out 'd>=2'", "leave out 'top'"]
    assert type(error) is ResolutionError


def test_all_clashes_are_told_and_each_way_out_mends_them_all() -> None:
    """Lines that fail for reasons of their own are told apart, and one change that works has a part for each."""
    index: Index = {"a": {"1": {}}, "b": {"1": {}, "2": {}}, "c": {"1": {"requires": ["b<2"]}}}

    error = explained(runs_of(index, "a>=2", "b>=2", "c", "nowhere"))

    assert sorted(faults_of(error)) == [
        "your line at fault: 'a>=2'",
        "your line at fault: 'nowhere'",
        "your lines that clash: 'b>=2', 'c'",
    ]
    assert {part for way in edits_of(error)[:1] for part in way.split("; ")} == {
        "change 'a>=2' to 'a>=1'",
        "change 'b>=2' to 'b>=1'",
        "leave out 'nowhere'",
    }


def test_one_clash_on_many_targets_is_told_once_and_mended_on_all() -> None:
    """The same lines clash everywhere, though they might be cut down to others; the facts may differ."""
    index: Index = {"a": {"1": {}, "2": {}, "3": WINDOWS_ONLY}}
    runs = runs_of(index, "a>=2", "a<2", platforms=BOTH)

    error = explained(runs)
    (problem,) = error.problems

    assert problem == Problem(
        code="versions-clash",
        where="cpu-linux-x86_64-py311, cpu-windows-x86_64-py311: a",
        expected="one version that meets a<2 (from the manifest) and a>=2 (from the manifest)",
        found="none of those on offer",
        hint="loosen one of these requirements",
        because=(
            "your lines that clash: 'a<2', 'a>=2'",
            "on cpu-linux-x86_64-py311: releases of a with a wheel that fits: 2, 2 the newest",
            "a<2 (from the manifest) admits 1",
            "on cpu-linux-x86_64-py311: a>=2 (from the manifest) admits 2",
            "on cpu-linux-x86_64-py311: a 3 without a wheel for the target",
            "on cpu-windows-x86_64-py311: releases of a with a wheel that fits: 3, 3 the newest",
            "on cpu-windows-x86_64-py311: a>=2 (from the manifest) admits 2 to 3",
        ),
    )
    assert edits_of(error) == ["change 'a<2' to 'a'", "change 'a>=2' to 'a>=1'", "leave out 'a<2'"]


def test_missing_wheel_is_mended_for_the_platforms_that_lack_it() -> None:
    """The line stays on the platforms that have one, and on those nothing changes."""
    tags = ["cp311-cp311-manylinux_2_17_x86_64.manylinux_2_17_aarch64"]
    error = explained(runs_of({"a": {"1": {"tags": tags}}}, "a", platforms=EVERY_PLATFORM))

    assert [(problem.code, problem.found) for problem in error.problems] == [
        ("no-wheel", "none; there are some for linux-x86_64, linux-aarch64"),
    ]
    assert [(way.edit, way.price) for way in error.ways_out] == [
        (
            "change 'a' to 'a; sys_platform != \"darwin\" and sys_platform != \"win32\"'",
            (
                (
                    "a is missing on cpu-windows-x86_64-py311, cpu-macos-arm64-py311; "
                    "takes a 1 on cpu-linux-x86_64-py311, cpu-linux-aarch64-py311"
                ),
            ),
        ),
        ("leave out 'a'", ("a is missing everywhere",)),
    ]


def test_platform_that_is_not_tried_is_no_elsewhere() -> None:
    """Of a manifest's platforms only those of the run count: of the others nothing is known."""
    runs = runs_of({"a": {"1": {}}}, "a>=2", platforms=BOTH)

    assert edits_of(explained(runs[:1])) == ["change 'a>=2' to 'a>=1'", "leave out 'a>=2'"]


def test_way_out_that_would_harm_a_healthy_target_is_none() -> None:
    """An older release that helps one target brings a banned package to another; that is found by trying."""
    linux = "cp311-cp311-manylinux_2_17_x86_64"
    older: Release = {"requires": ["bad ; sys_platform == 'linux'"]}
    index: Index = {"a": {"1": older, "2": {"tags": [linux]}}, "bad": {"1": {}}}

    assert edits_of(explained(runs_of(index, "a==2", platforms=BOTH))) == [
        "change 'a==2' to 'a==2; sys_platform != \"win32\"'",
        "leave out 'a==2'",
    ]


def test_bans_alone_are_a_blacklist_error_with_their_ways_round() -> None:
    """Every chain once, the kind of error the caller expects, ways tried on all targets."""
    index: Index = {"a": {"1": {}, "2": {"requires": ["bad"]}}, "bad": {"1": {}}}
    told = Told()

    error = explained(runs_of(index, "a", platforms=BOTH), told)

    assert type(error) is BlacklistError
    assert [problem.where for problem in error.problems] == ["cpu-linux-x86_64-py311, cpu-windows-x86_64-py311"]
    assert edits_of(error) == [
        "add 'a==1' to the requirements",
        'cut the edge: [[drop]] package = "a", requires = "bad", with a reason',
        "do without 'a'",
    ]
    assert told.lines == ["looking for ways round the blacklist"]


def test_failures_of_several_kinds_are_all_told_and_what_stays_is_said() -> None:
    """A clash on one target and a ban on another: both are told; a way out of the one does not hide the other."""
    index: Index = {"a": {"1": {"tags": ["cp311-cp311-manylinux_2_17_x86_64"], "requires": ["bad"]}}, "bad": {"1": {}}}

    error = explained(runs_of(index, "a", platforms=BOTH))

    assert [(problem.code, problem.where) for problem in error.problems] == [
        ("blacklisted-package", "cpu-linux-x86_64-py311"),
        ("no-wheel", "cpu-windows-x86_64-py311: a"),
    ]
    assert [way.price[-1] for way in error.ways_out] == ["does not mend what is wrong on cpu-linux-x86_64-py311"]


class Failing(TargetRun):
    """A run whose index goes down after the first solution."""

    asked = 0

    def solve(self, *arguments: object, **options: object) -> Graph:
        """Answer once."""
        self.asked += 1
        if self.asked > 1:
            raise IndexUnavailable(Problem(code="index-unavailable", where="index", expected="it", found="nothing"))
        return super().solve(*arguments, **options)  # type: ignore[arg-type]  # whatever it was called with


def test_index_that_goes_down_meanwhile_leaves_the_failure_as_it_was() -> None:
    """The explanation asks for more than the failure did; without it the problem is told all the same."""
    (run,) = runs_of({"a": {"1": {}}}, "a>=2")
    failing = Failing(run.manifest, run.variant, run.target, run._catalogue)

    error = explained([failing])

    assert [(problem.code, problem.where) for problem in error.problems] == [
        ("versions-clash", "cpu-linux-x86_64-py311: a")
    ]
    assert error.ways_out == ()
    assert error.__notes__ == ["nothing more was looked for: index-unavailable: index: expected it, found nothing"]


def test_clash_that_hides_a_banned_package_has_no_way_out_and_says_so() -> None:
    """Mending the clash alone would not do, which trying shows; nothing that does not work is offered."""
    error = explained(runs_of({"bad": {"1": {}}}, "bad", "nowhere"))

    assert faults_of(error) == ["your line at fault: 'nowhere'"]
    assert error.ways_out == ()
    assert error.__notes__ == ["no single change was found that works: mend what is told, and compile again"]


def test_at_most_three_ways_are_given() -> None:
    """Any of four lines might be loosened; three of these changes are told."""
    lines = [f"a!={number}" for number in range(1, 5)]

    error = explained(runs_of({"a": {str(number): {} for number in range(1, 5)}}, *lines))

    assert edits_of(error) == [f"change 'a!={number}' to 'a'" for number in range(1, 4)]


def test_clash_that_is_not_met_again_is_told_as_it_was() -> None:
    """A search that was proven vain with earlier picks preferred, and is given up without them, leaves its problems."""
    (run,) = runs_of({"a": {"1": {}}}, "a")
    problem = Problem(code="versions-clash", where=f"{run.target}: a", expected="one version", found="none")

    error = explain([(run, Deadlock(problem))], [], SILENT)

    assert error.problems == (problem,)
    assert error.ways_out == ()
