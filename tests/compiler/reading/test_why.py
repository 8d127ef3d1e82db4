"""Why a package is in a lock is told by every shortest chain; why it is not, as far as the lock knows."""

import json

import pytest
from packaging.utils import canonicalize_name

from locks import Drop, LeftOut

from compiler.errors import NotInLock
from compiler.reading.why import Explanation, explain
from tests.compiler.reading.locked import make_lock, make_wheel

UNSLOTH = "no torchao (too slow), found unsloth>=1 (manifest) -> unsloth_zoo 2"
LOCK = make_lock(
    make_wheel("app", "1", requires=["lib>=2", "tail"]),
    make_wheel("tool", "3", requires=["lib<9 ; python_version >= '3.9'"]),
    make_wheel("lib", "2.5", requires=["tail"]),
    make_wheel("tail", "0.1"),
    make_wheel("stray", "1"),
    requirements=["app>=1", "tool"],
    blacklist={canonicalize_name("torchao"): "too slow"},
    drops=(Drop(package=canonicalize_name("app"), requires=canonicalize_name("heavy"), reason="never used"),),
    left_out=(
        LeftOut(group="unsloth", reason=UNSLOTH),
        LeftOut(group="speed", reason="no wheel at all"),
    ),
)
OTHER = make_lock(make_wheel("app", "1", requires=["lib>=2"]), make_wheel("lib", "2.4"), requirements=["app>=1"])


def explained(name: str) -> Explanation:
    """What the two locks, and a third like the first, say."""
    return explain(canonicalize_name(name), {"first": LOCK, "other": OTHER, "third": LOCK})


WORDS: list[tuple[str, str]] = [
    (
        "lib",
        """\
lib 2.5 in first, third
  app>=1 (manifest) -> app 1 requires 'lib>=2' -> lib 2.5
  tool (manifest) -> tool 3 requires 'lib<9; python_version >= "3.9"' -> lib 2.5
lib 2.4 in other
  app>=1 (manifest) -> app 1 requires 'lib>=2' -> lib 2.4""",
    ),
    ("App", "app 1 in first, other, third\n  app>=1 (manifest) -> app 1"),
    (
        "tail",
        """\
tail 0.1 in first, third
  app>=1 (manifest) -> app 1 requires 'tail' -> tail 0.1
not in other (nearest: none)""",
    ),
    ("stray", "stray 1 in first, third\n  no requirement in the lock leads to it\nnot in other (nearest: none)"),
]


@pytest.mark.parametrize(("name", "words"), WORDS, ids=[name for name, _ in WORDS])
def test_answers_in_words(name: str, words: str) -> None:
    """Every shortest chain, with versions and lines; locks that say the same are named together."""
    assert str(explained(name)) == words


def test_answers_for_programs() -> None:
    """The same, each chain step by step."""
    step = {"requirement": "app>=1", "package": "app", "version": "1"}

    assert json.loads(json.dumps(explained("tail").to_dict())) == {
        "ok": True,
        "package": "tail",
        "present": [
            {
                "locks": ["first", "third"],
                "version": "0.1",
                "chains": [[step, {"requirement": "tail", "package": "tail", "version": "0.1"}]],
            }
        ],
        "absent": [{"locks": ["other"], "reasons": [], "nearest": []}],
    }


ABSENT: list[tuple[str, str, str]] = [
    (
        "torchao",
        f"none; blacklisted: too slow; left out with unsloth: {UNSLOTH}",
        "",
    ),
    ("heavy", "none; dropped from what app requires: never used", ""),
    (
        "unsloth-zoo",
        f"none; left out with unsloth: {UNSLOTH}",
        "",
    ),
    ("speed", "none; left out with speed: no wheel at all", ""),
    ("tial", "none", "did you mean tail?"),
    ("xyz", "none", ""),
]


@pytest.mark.parametrize(("name", "found", "hint"), ABSENT, ids=[name for name, *_ in ABSENT])
def test_absent_package_has_its_reason(name: str, found: str, hint: str) -> None:
    """In no lock at all it is a problem: what keeps it out, or else the nearest names."""
    with pytest.raises(NotInLock) as caught:
        explain(canonicalize_name(name), {"first": LOCK, "second": LOCK})

    (problem,) = caught.value.problems
    assert (problem.code, problem.where, problem.found, problem.hint) == ("not-in-lock", "first, second", found, hint)


def test_absent_here_and_there_for_different_reasons() -> None:
    """Locks with different reasons are told apart, all at once."""
    with pytest.raises(NotInLock) as caught:
        explained("torchao")

    assert [problem.where for problem in caught.value.problems] == ["first, third", "other"]
