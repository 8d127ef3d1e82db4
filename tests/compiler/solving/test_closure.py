"""One target's closure: no quiet archaeology, optional groups only as far as they are clean, each question once."""

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from compiler import read_manifest
from compiler.errors import Deadlock, ResolutionError
from compiler.solving.closure import Closure, TargetRun
from tests.compiler.fakes import FakeCatalogue, Index

Y = canonicalize_name("y")


def run_of(index: Index, *lines: str, rest: str = "") -> TargetRun:
    """The run of a manifest with these lines, for plain Linux; its catalogue notes what is read."""
    text = f"""
[stack]
name = "demo"
version = "1"
python = ["3.11"]
platforms = ["linux-x86_64"]
requirements = {list(lines)}
[variants.cpu]
{rest}
"""
    manifest = read_manifest(text)
    ((variant, target),) = manifest.targets()
    return TargetRun(manifest, variant, target, FakeCatalogue({"ordinary": index}))


def picks_of(closure: Closure) -> dict[str, str]:
    """Project -> version."""
    return {name: str(wheel.version) for name, wheel in sorted(closure.graph.wheels.items())}


CROSSED: Index = {
    "b": {
        "2": {"requires": ["lib"], "uploaded": "2025-01-01"},
        "3": {"requires": ["lib>=2"], "uploaded": "2025-01-02"},
    },
    "y": {"1": {"uploaded": "2020-01-01"}, "2": {"requires": ["lib<2"], "uploaded": "2025-01-01"}},
    "lib": {"1": {"uploaded": "2024-12-01"}, "2": {"uploaded": "2025-01-01"}},
}


def test_search_that_went_far_back_is_tried_again_with_that_package_first() -> None:
    """Where b at its newest costs five years of y, a day of b is given up instead."""
    closure = run_of(CROSSED, "b", "y").close({})

    assert picks_of(closure) == {"b": "2", "lib": "1", "y": "2"}
    assert [(lag.name, lag.days, lag.held_by) for lag in closure.lags] == [("b", 1, ""), ("lib", 31, "y 2")]


def test_search_stays_as_it_was_where_no_other_order_is_younger() -> None:
    """With b held at its newest the old y is all there is; it is in the closure's lags, with what y 2 would need."""
    closure = run_of(CROSSED, "b>=3", "y").close({})

    assert picks_of(closure) == {"b": "3", "lib": "2", "y": "1"}
    assert list(map(str, closure.lags)) == ["y 1 (2 is 1827 days newer, but requires lib<2)"]


OLD: Index = {
    "y": {"1": {"uploaded": "2024-01-01"}, "2": {"requires": ["nowhere"], "uploaded": "2024-01-31"}},
    "z": {"1": {}},
}


def test_pick_fails_from_the_manifests_limit_on() -> None:
    """Thirty days are too many when thirty is the limit; unless the package may be old, or the version was kept."""
    with pytest.raises(ResolutionError) as caught:
        run_of(OLD, "y", rest="[age]\nfail-days = 30").close({})

    (problem,) = caught.value.problems
    assert (problem.code, problem.where) == ("pick-too-old", "cpu-linux-x86_64-py311: y")
    assert picks_of(run_of(OLD, "y", rest="[age]\nfail-days = 31").close({})) == {"y": "1"}
    assert picks_of(run_of(OLD, "y", rest="[age]\nfail-days = 30\nallow = ['Y']").close({})) == {"y": "1"}
    assert picks_of(run_of(OLD, "y", rest="[age]\nfail-days = 30").close({Y: Version("1")})) == {"y": "1"}


def test_optional_group_that_is_too_old_is_left_out_with_the_reason() -> None:
    """The limit holds for groups as the blacklist does; the required part is taken."""
    closure = run_of(OLD, "z", rest="[age]\nfail-days = 30\n[optional.old]\nrequirements = ['y']").close({})

    assert picks_of(closure) == {"z": "1"}
    assert [(item.group, item.reason) for item in closure.left_out] == [
        ("old", "y: a release at most 30 days older than the newest that would do, found y 1 (2 is 30 days newer)")
    ]


def test_same_question_is_solved_once() -> None:
    """In whatever order it is put, and when the answer is that there is none."""
    run = run_of(CROSSED)
    lines = [Requirement("b"), Requirement("y")]

    assert run.solve(lines) is run.solve(lines[::-1])
    assert run.solve(lines) is not run.solve(lines, first=[Y])
    for _ in range(2):
        with pytest.raises(Deadlock):
            run.solve([Requirement("b>9")])
