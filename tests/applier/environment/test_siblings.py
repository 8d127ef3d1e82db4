"""Which places are there, and what puts them in order: the whole table, and what holds for all of it."""

from collections.abc import Sequence
from itertools import chain, combinations
from pathlib import Path

import pytest

from applier.environment.siblings import Action, Move, Place, Remove, Siblings, give_up, room_for_folder, settle
from tests.bundles import target_on

FINAL, NEW, OLD, PREVIOUS = Place.FINAL, Place.NEW, Place.OLD, Place.PREVIOUS
STATES = [frozenset(state) for state in chain.from_iterable(combinations(Place, size) for size in range(5))]

KEEP: list[tuple[set[Place], list[Action]]] = [
    (set(), []),
    ({FINAL}, []),
    ({FINAL, PREVIOUS}, []),
    ({NEW}, [Remove(NEW)]),
    ({FINAL, NEW}, [Remove(NEW)]),
    ({FINAL, NEW, PREVIOUS}, [Remove(NEW)]),
    ({OLD}, [Move(OLD, FINAL)]),
    ({OLD, NEW}, [Move(OLD, FINAL), Remove(NEW)]),
    ({OLD, PREVIOUS}, [Move(OLD, FINAL)]),
    ({OLD, NEW, PREVIOUS}, [Move(OLD, FINAL), Remove(NEW)]),
    ({FINAL, OLD}, [Move(OLD, PREVIOUS)]),
    ({FINAL, OLD, NEW}, [Remove(NEW), Move(OLD, PREVIOUS)]),
    ({FINAL, OLD, PREVIOUS}, [Move(PREVIOUS, NEW), Move(OLD, PREVIOUS), Remove(NEW)]),
    ({FINAL, OLD, NEW, PREVIOUS}, [Remove(NEW), Move(PREVIOUS, NEW), Move(OLD, PREVIOUS), Remove(NEW)]),
    ({PREVIOUS}, []),
    ({NEW, PREVIOUS}, [Remove(NEW)]),
]


def words(places: frozenset[Place] | set[Place]) -> str:
    """Name a state in a test's name."""
    return "+".join(place.name.lower() for place in Place if place in places) or "nothing"


@pytest.mark.parametrize(("found", "actions"), [pytest.param(*row, id=words(row[0])) for row in KEEP])
def test_every_state_has_its_actions(found: set[Place], actions: list[Action]) -> None:
    """What a run left is undone until the second rename, and finished after it."""
    assert list(settle(found, keep=True)) == actions


def test_the_table_is_whole() -> None:
    """No state is missing above."""
    assert {frozenset(found) for found, _ in KEEP} == set(STATES)


@pytest.mark.parametrize("found", [state for state in STATES if {FINAL, OLD} <= state], ids=words)
def test_what_is_not_to_be_kept_goes(found: frozenset[Place]) -> None:
    """Without `keep` the environment before is removed, by way of NEW; a previous one that is there is left alone."""
    actions = list(settle(found, keep=False))

    assert actions[-2:] == [Move(OLD, NEW), Remove(NEW)]
    assert not {action for action in actions if isinstance(action, Move) and action.source == PREVIOUS}


def carried_out(actions: Sequence[Action], state: dict[Place, str]) -> dict[Place, str]:
    """What is where after the actions; a move from nowhere or onto something is a fault."""
    state = dict(state)
    for action in actions:
        if isinstance(action, Move):
            assert action.target not in state
            state[action.target] = state.pop(action.source)
        else:
            assert action.place == NEW
            del state[action.place]
    return state


@pytest.mark.parametrize("keep", [True, False], ids=["keep", "no keep"])
@pytest.mark.parametrize("found", STATES, ids=words)
def test_cut_off_anywhere_it_comes_to_the_same_end(found: frozenset[Place], keep: bool) -> None:
    """An environment is in place where there was one, nothing is half done, and a second recovery ends as the first."""
    state = {place: place.name for place in found}
    actions = settle(found, keep=keep)
    end = carried_out(actions, state)

    assert (FINAL in end) == bool({FINAL, OLD} & found)
    assert end.keys() <= {FINAL, PREVIOUS}
    for count in range(len(actions)):
        midway = carried_out(actions[:count], state)
        assert carried_out(settle(midway.keys(), keep=keep), midway) == end


@pytest.mark.parametrize("found", STATES, ids=words)
def test_what_is_given_up_is_never_half_under_its_own_name(found: frozenset[Place]) -> None:
    """It is renamed first, so that a kill while it is removed leaves nothing that looks whole."""
    state = {place: place.name for place in found - {NEW}}
    left = carried_out(give_up((PREVIOUS, FINAL), state.keys()), state)

    assert left.keys() == state.keys() - {PREVIOUS, FINAL}


def test_the_siblings_lie_beside_the_environment(tmp_path: Path) -> None:
    """All places are in one folder, so that renames stay on one file system."""
    siblings = Siblings(tmp_path / ".venv")
    paths = [*map(siblings.at, Place), siblings.mutex, siblings.journal]

    assert {path.parent for path in paths} == {tmp_path}
    assert [path.name for path in paths] == [
        ".venv",
        ".venv.venvault-new",
        ".venv.venvault-old",
        ".venv.venvault-previous",
        ".venv.venvault-lock",
        ".venv.venvault-journal",
    ]


def test_a_dangling_link_takes_a_place_too(tmp_path: Path) -> None:
    """What cannot be renamed onto is found, whatever it is."""
    siblings = Siblings(tmp_path / ".venv")
    siblings.at(OLD).symlink_to("nowhere")
    siblings.at(PREVIOUS).write_text("")

    assert siblings.found() == {OLD, PREVIOUS}
    assert siblings.kept()


def test_room_is_what_the_path_leaves() -> None:
    """A folder, what is added to its name, a separator and the path are 259 characters together; UTF-16 units count."""
    assert room_for_folder("x" * 100, target_on("windows-x86_64")) == 158 - len(".venvault-previous")
    assert room_for_folder("\U0001f40d" * 50, target_on("windows-x86_64")) == 158 - len(".venvault-previous")
