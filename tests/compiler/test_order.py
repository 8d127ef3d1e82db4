"""The order of a manifest's lines means nothing: not for the locks, nor for what is said when there are none."""

import json
from collections.abc import Sequence

from hypothesis import given, settings
from hypothesis import strategies as st

from compiler import read_manifest
from compiler.errors import BlacklistError, ResolutionError
from tests.compiler.explaining.test_explain import explained
from tests.compiler.fakes import Index, locks_from, runs_from
from tests.compiler.solving.test_resolve import NAMES, indexes, requirements_on

lines_of = st.lists(requirements_on(NAMES), min_size=1, max_size=3, unique=True)


def manifest_text(stack: Sequence[str], variant: Sequence[str], optional: Sequence[str], banned: Sequence[str]) -> str:
    """A manifest for two platforms with these lines."""
    blacklist = "\n".join(f'{name} = "no"' for name in banned)
    return f"""
[stack]
name = "demo"
version = "1"
python = ["3.11"]
platforms = ["linux-x86_64", "windows-x86_64"]
requirements = {json.dumps(list(stack))}
[variants.cpu]
requirements = {json.dumps(list(variant))}
[optional.more]
requirements = {json.dumps(list(optional))}
[blacklist]
{blacklist}
"""


def answer(index: Index, text: str) -> object:
    """The locks, or all that is said of why there are none."""
    manifest = read_manifest(text)
    try:
        return locks_from(manifest, {"ordinary": index})
    except (ResolutionError, BlacklistError):
        told = explained(runs_from(manifest, {"ordinary": index}))
        return type(told), told.problems, told.ways_out


@settings(derandomize=True, max_examples=150, deadline=None)
@given(
    index=indexes(), stack=lines_of, variant=lines_of.map(lambda lines: lines[:1]), optional=lines_of, data=st.data()
)
def test_shuffled_manifest_gives_the_same_locks_or_the_same_words(
    index: Index, stack: list[str], variant: list[str], optional: list[str], data: st.DataObject
) -> None:
    """Shuffled lines of the stack, of a variant, of a group and of the blacklist: equal locks, digest of the manifest
    included; or the same problems, the same lines at fault, the same ways out at the same price.
    """
    banned = data.draw(st.lists(st.sampled_from(NAMES), unique=True, max_size=2))
    parts = (stack, variant, optional, banned)
    shuffled = [data.draw(st.permutations(part)) for part in parts]

    assert answer(index, manifest_text(*shuffled)) == answer(index, manifest_text(*parts))


def test_spelling_of_a_line_that_stands_twice_is_chosen_by_no_order() -> None:
    """Of two lines that say the same the lock has the same one, whichever comes first."""
    index: Index = {"a": {"1": {}}}
    one, other = (manifest_text(lines, [], ["a"], []) for lines in (["A>=1", "a>=1"], ["a>=1", "A>=1"]))

    assert answer(index, one) == answer(index, other)
