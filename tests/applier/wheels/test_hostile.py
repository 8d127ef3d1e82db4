"""Hostile, odd and harmless wheels: none of the first is accepted, none of the second refused."""

import io
from collections import Counter
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from applier.errors import BundleDamaged
from applier.wheels.plan import Plan, plan_wheels
from tests.bundles import locked, target_on
from tests.hostile.case import LINUX, MACOS, SITE, WINDOWS, Case
from tests.hostile.cases import hostile_cases
from tests.hostile.parts import METADATA, Parts
from tests.hostile.valid import HARMLESS, VALID, VALID_ELSEWHERE, Harmless
from tests.wheels import Wheel

CASES = hostile_cases()


def plan(wheel: Wheel, platform: str) -> Plan:
    """Plan one wheel."""
    return plan_wheels([locked(wheel)], target_on(platform), lambda _: io.BytesIO(wheel.data))


def test_the_corpus_is_as_large_as_it_claims() -> None:
    """Every case has a name of its own, and none is lost."""
    assert len(CASES) >= 300
    assert [name for name, count in Counter(case.name for case in CASES).items() if count > 1] == []


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_hostile_wheel_is_refused_by_its_fault(case: Case) -> None:
    """Each is refused with the code of its own fault, naming the wheel, without a control character in any text."""
    wheel = case.build()
    with pytest.raises(BundleDamaged) as caught:
        plan(wheel, case.platform)

    assert {problem.code for problem in caught.value.problems} == {case.code, *case.also}
    for problem in caught.value.problems:
        assert str(problem).isprintable()
        if case.code != "files-clash":
            assert problem.where.startswith(wheel.filename)


@pytest.mark.parametrize("platform", [LINUX, WINDOWS, MACOS])
@pytest.mark.parametrize("name", VALID)
def test_an_odd_but_valid_wheel_is_accepted(name: str, platform: str) -> None:
    """Nothing that the specifications allow, or that tools in wide use have made, is refused on any system."""
    made = plan(VALID[name].build(), platform)

    assert any(path.endswith("/METADATA") for path in made.files)


@pytest.mark.parametrize(("platform", "parts"), VALID_ELSEWHERE.values(), ids=list(VALID_ELSEWHERE))
def test_what_one_system_forbids_another_takes(platform: str, parts: Parts) -> None:
    """The rules of a system hold for targets on it alone."""
    assert plan(parts.build(), platform).files


@pytest.mark.parametrize("case", HARMLESS.values(), ids=list(HARMLESS))
def test_what_no_wheel_may_bring_is_left_out(case: Harmless) -> None:
    """Bytecode, what installers write, signatures of RECORD and all rights but one are not taken over."""
    made = plan(case.parts.build(), LINUX)

    assert f"{SITE[LINUX]}/{case.dropped}" not in made.files
    if case.plain:
        assert made.files[f"{SITE[LINUX]}/{case.plain}"].is_executable is case.is_executable


def test_whose_installation_it_is_we_say_ourselves() -> None:
    """A wheel's own INSTALLER is not installed; ours is."""
    made = plan(Parts(files={"demo.py": "", "demo-1.0.dist-info/INSTALLER": "pip\n"}).build(), LINUX)

    assert made.files[f"{SITE[LINUX]}/demo-1.0.dist-info/INSTALLER"].entry is None


def test_all_faults_of_a_wheel_are_told_at_once() -> None:
    """Nothing hides behind the first fault: identity, RECORD, names and places of one wheel come together."""
    parts = Parts(
        metadata=METADATA.replace("1.0\n", "2.0\n") + "Requires-Python: <3\n",
        files={"a\x1b.py": "", "demo-1.0.data/scripts/python": ""},
        rows=lambda rows: [*rows, ["ghost.py", "", ""]],
    )
    with pytest.raises(BundleDamaged) as caught:
        plan(parts.build(), LINUX)

    found = sorted((each.code, each.where.partition(": ")[2], each.found) for each in caught.value.problems)
    assert found == [
        ("path-not-allowed", "'a\\x1b.py'", "a control or format character"),
        ("path-not-allowed", "'bin/python'", "a file of the environment itself"),
        ("record-invalid", "'ghost.py'", "none"),
        ("wheel-does-not-fit", "'demo-1.0.dist-info/METADATA'", "'<3'"),
        ("wheel-not-itself", "'demo-1.0.dist-info/METADATA'", "'2.0'"),
    ]


TEXTS = st.one_of(
    st.binary(max_size=200),
    st.text('ab,="\n\r[]:. %/\\\0\u00fcsha256', max_size=200).map(lambda text: text.encode()),
)


@given(text=TEXTS, part=st.sampled_from(["metadata", "wheel", "entry_points", "record"]))
@settings(max_examples=300, deadline=None)
def test_whatever_stands_in_its_texts_a_wheel_ends_in_problems_at_most(text: bytes, part: str) -> None:
    """No bytes in METADATA, WHEEL, entry_points.txt or RECORD lead to anything but a plan or our own error."""
    wheel = Parts(**{part: text}).build()  # type: ignore[arg-type]
    with suppress(BundleDamaged):
        plan(wheel, LINUX)
