"""When each check may run, and which failures are believed: the state machine alone."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.utils import NormalizedName

from locks import Check

from applier.checks.built_in import PlannedCheck
from applier.checks.result import CheckResult, Outcome
from applier.checks.schedule import Schedule

A, B, C = (NormalizedName(name) for name in ("alpha", "beta-two", "gamma"))


def planned(name: str, *needs: NormalizedName, critical: bool = True, in_environment: bool = True) -> PlannedCheck:
    """A check that needs these packages."""
    check = Check(name=name, code="", critical=critical)
    return PlannedCheck(check=check, needs=frozenset(needs), in_environment=in_environment)


def result(outcome: Outcome, output: str = "why", *, critical: bool = True) -> CheckResult:
    """How a check ended."""
    return CheckResult(name="x", outcome=outcome, critical=critical, output=output)


def schedule(*checks: PlannedCheck, awaited: tuple[NormalizedName, ...] = (A, B, C)) -> Schedule:
    """The state before anything happened."""
    return Schedule(checks=checks, awaited=frozenset(awaited))


def is_spoilt(state: Schedule) -> bool:
    """Whether what has ended keeps the environment from being taken."""
    return any(each.spoils for each in state.results())


def test_a_check_runs_as_soon_as_what_it_needs_is_in_place() -> None:
    """Not before, not twice, and whatever else is still awaited."""
    state = schedule(planned("1", A, B), planned("2", C), planned("3"))
    assert state.runnable() == (2,)
    state = state.after_starting(2).after_placing(A)
    assert state.runnable() == ()
    state = state.after_placing(B)
    assert state.runnable() == (0,)
    state = state.after_starting(0).after_ending(0, result("passed")).after_placing(C)

    assert state.runnable() == (1,)


def test_results_stand_in_the_manifests_order() -> None:
    """Whatever the order in which checks end."""
    state = schedule(planned("1"), planned("2"), awaited=())
    state = state.after_ending(1, result("passed", "second")).after_ending(0, result("passed", "first"))

    assert [each.output for each in state.results()] == ["first", "second"]
    assert state.is_done
    assert not is_spoilt(state)


def test_a_failure_counts_at_once_when_everything_is_in_place() -> None:
    """Then nothing can be half there."""
    state = schedule(planned("1"), awaited=()).after_ending(0, result("failed"))

    assert (state.is_done, is_spoilt(state)) == (True, True)


def test_a_failure_outside_the_environment_counts_at_once() -> None:
    """What the driver does depends on no package."""
    state = schedule(planned("1", in_environment=False)).after_ending(0, result("failed"))

    assert is_spoilt(state)


def test_a_check_that_is_not_critical_spoils_nothing() -> None:
    """Its failure is a result like any other."""
    state = schedule(planned("1", critical=False), awaited=()).after_ending(0, result("failed", critical=False))

    assert (state.is_done, is_spoilt(state)) == (True, False)


def test_an_early_failure_is_never_believed() -> None:
    """Whenever it ends: a package was half there when it began, which its words need not name."""
    state = schedule(planned("1", A)).after_placing(A).after_starting(0)
    ended_early = state.after_ending(0, result("failed")).after_placing(B)
    assert (ended_early.runnable(), is_spoilt(ended_early), ended_early.is_done) == ((), False, False)
    for again in (
        ended_early.after_placing(C),
        state.after_placing(B).after_placing(C).after_ending(0, result("failed")),
    ):
        assert (again.runnable(), is_spoilt(again)) == ((0,), False)
        assert is_spoilt(again.after_starting(0).after_ending(0, result("failed")))


def test_who_watches_is_told_what_runs() -> None:
    """All that run, in the manifest's order."""
    state = schedule(planned("a"), planned("b"), planned("c"))
    for place in (2, 0):
        state = state.after_starting(place)

    assert state.running_names() == "a, c"


def test_no_more_run_than_may_at_once() -> None:
    """The first in the manifest's order that may starts next; none, while as many run as may."""
    state = schedule(planned("1", A), planned("2"), planned("3"))
    assert (state.next_place(1), state.after_starting(1).next_place(1)) == (1, None)
    state = state.after_starting(1)
    assert (state.next_place(2), state.after_placing(A).next_place(2)) == (2, 0)

    assert state.after_starting(2).next_place(9) is None


IMPORTING = PlannedCheck(check=Check(name="i", code=""), needs=frozenset())
ON_GPU = PlannedCheck(check=Check(name="g", code="", needs_gpu=True), needs=frozenset())
LOOKING = PlannedCheck(check=Check(name="l", code=""), needs=frozenset(), imports_packages=False)


@pytest.mark.parametrize(
    ("checks", "at_once", "has_gpu", "gains"),
    [
        pytest.param([IMPORTING, IMPORTING, IMPORTING], 2, False, True, id="one after two others"),
        pytest.param([IMPORTING, IMPORTING], 2, False, False, id="all together"),
        pytest.param([IMPORTING, IMPORTING], 1, False, True, id="one by one"),
        pytest.param([IMPORTING, LOOKING], 1, False, False, id="one imports nothing"),
        pytest.param([IMPORTING, ON_GPU], 1, False, False, id="one is skipped"),
        pytest.param([IMPORTING, ON_GPU], 1, True, True, id="none is skipped"),
        pytest.param([], 1, True, False, id="no check"),
    ],
)
def test_bytecode_is_shared_when_that_gains(
    checks: list[PlannedCheck], at_once: int, has_gpu: bool, gains: bool
) -> None:
    """Some check that runs and imports comes after others that have."""
    assert schedule(*checks, awaited=()).gains_by_sharing(at_once, has_gpu=has_gpu) is gains


def test_checks_that_have_begun_or_ended_gain_nothing() -> None:
    """Only those that are still to start count."""
    state = schedule(IMPORTING, IMPORTING, IMPORTING, awaited=())
    assert state.gains_by_sharing(1, has_gpu=False)
    state = state.after_starting(0).after_ending(0, result("passed")).after_starting(1)

    assert not state.gains_by_sharing(1, has_gpu=False)


def test_a_failure_on_shared_bytecode_counts_when_it_comes_back_without() -> None:
    """A full disk may have cut the bytecode short."""
    state = schedule(IMPORTING, awaited=())
    assert state.may_share(0)
    state = state.after_starting(0, shares_bytecode=True).after_ending(0, result("failed", "marshal data too short"))
    assert (state.runnable(), state.may_share(0), state.is_done) == ((0,), False, False)
    state = state.after_starting(0).after_ending(0, result("failed", "why"))

    assert [each.output for each in state.results()] == ["why"]


def test_a_check_that_imports_no_package_shares_nothing() -> None:
    """What Python's own modules would cost to compile again, it is spared."""
    assert not schedule(replace(IMPORTING, imports_packages=False)).may_share(0)


_packages = st.sampled_from([A, B, C])
_checks = st.lists(
    st.builds(lambda needs, critical: planned("c", *needs, critical=critical), st.sets(_packages), st.booleans())
)


@given(_checks, st.permutations([A, B, C]), st.data())
def test_every_check_ends_once_and_never_before_its_needs(
    checks: list[PlannedCheck], order: list[NormalizedName], data: st.DataObject
) -> None:
    """Whatever order packages come and checks end in, and whatever early failures there are, all of them end."""
    state = schedule(*checks)
    for package in [None, *order]:
        state = state.after_placing(package) if package else state
        while places := state.runnable():
            place = data.draw(st.sampled_from(places))
            assert not checks[place].needs & state.awaited
            ended = result(data.draw(st.sampled_from(["passed", "failed"])), data.draw(st.sampled_from("xy")))
            state = state.after_starting(place).after_ending(place, ended)

    assert state.is_done
    assert len(state.results()) == len(checks)
