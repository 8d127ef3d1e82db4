"""Two resolutions side by side: what differs is told with the reason that a release engineer would find."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from locks import Drop, Lock, LockedWheel
from locks.lock import order_for_installation

from compiler.offers.wheels import Cutoff
from compiler.second_opinion.comparison import Comparison, Host
from compiler.second_opinion.crosscheck import CrossCheck, Difference, differences
from compiler.second_opinion.lookups import LookUps
from compiler.second_opinion.pins import read_pins
from tests.compiler.fakes import FakeCatalogue, Index, Release, make_target

TARGET = make_target("cu124")
NEWER = replace(TARGET, floor=(2, 36))
HOST = Host(tags=frozenset(NEWER.tags()), environment={**TARGET.environment(), "python_full_version": "3.11.7"})
ADDRESS = "b @ https://files.invalid/b-1-py3-none-any.whl"
PATCH = "python_full_version is 3.11.0 for the target, 3.11.7 on this machine"
FLOOR = "manylinux_2_34_x86_64"
DROP = Drop(package=canonicalize_name("a"), requires=canonicalize_name("cut"), reason="too big")


def lock_of(wheels: Mapping[str, Sequence[str]], *, indexes: Mapping[str, str], **fields: Any) -> Lock:
    """A lock of name -> version and requirement lines; `indexes` has those not from the ordinary one."""
    entries = []
    for name, (version, *requires) in wheels.items():
        entry = LockedWheel(
            name=canonicalize_name(name),
            version=Version(version),
            filename=f"{name.replace('-', '_')}-{version}-py3-none-any.whl",
            size_bytes=1,
            sha256="0" * 64,
            dependencies=tuple(sorted(canonicalize_name(Requirement(line).name) for line in requires)),
            requires=tuple(requires),
            index=indexes.get(name, "ordinary"),
        )
        entries.append(entry)
    defaults: dict[str, Any] = {
        "stack": "demo",
        "stack_version": "1",
        "target": TARGET,
        "manifest_sha256": "0" * 64,
        "wheels": tuple(entries),
        "install_order": order_for_installation({entry.name: entry.dependencies for entry in entries}),
    }
    return Lock(**(defaults | fields))


def compared(
    ours: Mapping[str, Sequence[str]],
    theirs: str,
    *,
    index: Index | None = None,
    own: Mapping[str, str] | None = None,
    kept: Mapping[str, str] | None = None,
    others: Sequence[Lock] = (),
    cutoff: Cutoff | None = None,
    **fields: Any,
) -> tuple[Difference, ...]:
    """Compare a lock with what pip-compile wrote; unless `index` says otherwise, every version is a pure wheel."""
    pins = read_pins(theirs)
    offered: dict[str, dict[str, Release]] = {name: {str(pin.version): {}} for name, pin in pins.items()}
    for name, (version, *requires) in ours.items():
        offered.setdefault(name, {})[version] = {"requires": requires}
    for name, releases in (index or {}).items():
        offered.setdefault(name, {}).update(releases)
    catalogue = FakeCatalogue({"ordinary": offered, "cu124": {}})
    look_ups = LookUps(catalogue, {canonicalize_name(name): alias for name, alias in (own or {}).items()}, NEWER.tags())
    return differences(
        Comparison(
            lock=lock_of(ours, indexes=own or {}, **fields),
            pins=pins,
            host=HOST,
            wheels_of=look_ups.wheels_of,
            requires_of=look_ups.requires_of,
            kept={canonicalize_name(name): Version(version) for name, version in (kept or {}).items()},
            others=tuple(others),
            cutoff=cutoff or Cutoff(),
        )
    )


CASES: list[tuple[str, dict[str, Any], list[tuple[str, str, str]]]] = [
    ("agreement", {"ours": {"a": ["1", "b"], "b": ["2"]}, "theirs": "a==1.0  # via -r x\nb==2  # via a"}, []),
    (
        "another build",
        {"ours": {"a": ["1+cu124"]}, "theirs": "a==1  # via -r x"},
        [("a", "build", "another build of the same release")],
    ),
    (
        "below a dropped edge",
        {
            "ours": {"a": ["1"]},
            "theirs": "a==1  # via -r x\ncut==1  # via a\ndeep==1  # via cut",
            "drops": (DROP,),
        },
        [
            ("cut", "dropped", "below the dropped edge a -> cut (too big)"),
            ("deep", "dropped", "below the dropped edge a -> cut (too big)"),
        ],
    ),
    (
        "bound by a dropped edge",
        {
            "ours": {"a": ["1"], "cut": ["2"]},
            "theirs": "a==1  # via -r x\ncut==1  # via -r x, a",
            "index": {"a": {"1": {"requires": ["cut<2"]}}},
            "drops": (DROP,),
        },
        [("cut", "dropped", "the dropped edge a -> cut<2 binds pip-compile (too big)")],
    ),
    (
        "a dropped edge that binds nothing",
        {
            "ours": {"a": ["1"], "cut": ["1"]},
            "theirs": "a==1  # via -r x\ncut==2  # via -r x, a",
            "index": {"a": {"1": {"requires": ["cut>=1", "deep"]}}},
            "drops": (DROP,),
            "kept": {"cut": "1"},
        },
        [("cut", "kept", "kept from the earlier lock; --upgrade-package cut moves it")],
    ),
    (
        "bound by what is below a dropped edge",
        {
            "ours": {"a": ["1"], "b": ["2"]},
            "theirs": "a==1  # via -r x\ncut==1  # via a\nb==1  # via -r x, cut",
            "index": {"cut": {"1": {"requires": ["b<2"]}}},
            "drops": (DROP,),
        },
        [
            ("b", "follows", "by pip-compile, cut 1 requires b<2"),
            ("cut", "dropped", "below the dropped edge a -> cut (too big)"),
        ],
    ),
    (
        "blacklisted",
        {
            "ours": {"a": ["1"]},
            "theirs": "a==2  # via -r x\ntorchao==1  # via a",
            "kept": {"a": "1"},
            "blacklist": {"torchao": "no"},
        },
        [
            ("a", "kept", "kept from the earlier lock; --upgrade-package a moves it"),
            ("torchao", "blacklisted", "blacklisted here (no)"),
        ],
    ),
    (
        "on another index",
        {"ours": {"a": ["1"]}, "theirs": "a==2  # via -r x", "own": {"a": "cu124"}},
        [("a", "index", "no 2 on the index that this package is taken from here; pip merges all indexes")],
    ),
    (
        "read on another index",
        {"ours": {"a": ["1"]}, "theirs": "a==1  # via -r x\nb==2  # via a", "own": {"a": "cu124"}},
        [("b", "index", "a comes from the index of cu124 here; pip may have read it on another")],
    ),
    (
        "above the floor",
        {
            "ours": {"a": ["1", "b"], "b": ["1"]},
            "theirs": "a==1  # via -r x\nb==2  # via a",
            "index": {"b": {"2": {"tags": [f"cp311-cp311-{FLOOR}", "cp312-cp312-manylinux_2_17_x86_64"]}}},
        },
        [("b", "wheel", f"2 has no wheel for linux-x86_64 with glibc 2.28; this machine takes {FLOOR}")],
    ),
    (
        "for a later patch release of Python",
        {
            "ours": {"a": ["1"]},
            "theirs": "a==2  # via -r x",
            "index": {"a": {"2": {"requires_python": ">=3.11.4"}}},
        },
        [("a", "wheel", "2 is not taken here: needs Python >=3.11.4")],
    ),
    (
        "without an upload time",
        {"ours": {"a": ["1"]}, "theirs": "a==2  # via -r x", "cutoff": Cutoff(day=date(2026, 1, 1))},
        [("a", "wheel", "2 is not taken here: without an upload time")],
    ),
    (
        "yanked there",
        {"ours": {"a": ["1"]}, "theirs": "a==2  # via -r x", "index": {"a": {"2": {"yanked": True}}}},
        [("a", "wheel", "2 is not taken here: yanked")],
    ),
    (
        "yanked here",
        {"ours": {"a": ["1"]}, "theirs": "a==2  # via -r x", "index": {"a": {"1": {"yanked": True}}}},
        [("a", "yanked", "1 is yanked, and taken here for an exact pin")],
    ),
    (
        "requires an address",
        {
            "ours": {"a": ["1"]},
            "theirs": f"a==2  # via -r x\n{ADDRESS}  # via a",
            "index": {"a": {"2": {"requires": [ADDRESS]}}},
        },
        [
            ("a", "requires", f"a 2 requires {ADDRESS}, an address, which no offline machine can reach"),
        ],
    ),
    (
        "requires what the target lacks",
        {
            "ours": {"a": ["1"]},
            "theirs": "a==2  # via -r x\nb==1  # via a",
            "index": {"a": {"2": {"requires": ["b>0"]}}, "b": {"1": {"tags": [f"py3-none-{FLOOR}"]}}},
        },
        [
            (
                "a",
                "requires",
                f"a 2 requires b>0: 1 has no wheel for linux-x86_64 with glibc 2.28; this machine takes {FLOOR}",
            ),
            ("b", "wheel", f"1 has no wheel for linux-x86_64 with glibc 2.28; this machine takes {FLOOR}"),
        ],
    ),
    (
        "pre-release",
        {"ours": {"a": ["1"]}, "theirs": "a==2rc1  # via -r x"},
        [("a", "pre-release", "pre-releases are admitted by other rules than pip's")],
    ),
    (
        "marker of the patch release, in a wheel",
        {
            "ours": {"a": ["1", 'b; python_full_version < "3.11.3"'], "b": ["1"]},
            "theirs": "a==1  # via -r x",
        },
        [
            ("b", "marker", f'a 1 requires b; python_full_version < "3.11.3": {PATCH}'),
        ],
    ),
    (
        "marker of the patch release, in the manifest",
        {
            "ours": {"b": ["1"]},
            "theirs": "",
            "requirements": ('b; python_full_version < "3.11.3"',),
        },
        [
            ("b", "marker", f'the manifest requires b; python_full_version < "3.11.3": {PATCH}'),
        ],
    ),
    (
        "for an extra",
        {
            "ours": {"a": ["1"], "c": ["1"]},
            "theirs": "a==1  # via -r x, c\nb==1  # via a\nc==2  # via -r x",
            "index": {"a": {"1": {"requires": ['b; extra == "x"']}}, "c": {"2": {"requires": ["a[x]"]}}},
            "kept": {"c": "1"},
        },
        [
            ("b", "extra", 'a 1 requires it for an extra that is asked for on one side only (b; extra == "x")'),
            ("c", "kept", "kept from the earlier lock; --upgrade-package c moves it"),
        ],
    ),
    (
        "older with what it goes with",
        {
            "ours": {"a": ["1", "b<2"], "b": ["1"], "c": ["1"]},
            "theirs": "a==2  # via -r x\nb==2  # via a\nc==1  # via -r x",
            "index": {"a": {"2": {"requires": ["b>=2"]}}, "b": {"2": {"tags": [f"py3-none-{FLOOR}"]}}},
        },
        [
            ("a", "follows", "a 1 requires b<2"),
            ("b", "wheel", f"2 has no wheel for linux-x86_64 with glibc 2.28; this machine takes {FLOOR}"),
        ],
    ),
    (
        "comes and goes with who asks for it",
        {
            "ours": {"a": ["1", "gone"], "gone": ["1"]},
            "theirs": "a==2  # via -r x\nnew==1  # via a",
            "index": {"a": {"2": {"requires": ["new"]}}},
            "kept": {"a": "1"},
        },
        [
            ("a", "kept", "kept from the earlier lock; --upgrade-package a moves it"),
            ("gone", "follows", "a 1 requires gone"),
            ("new", "follows", "by pip-compile, a 2 requires new"),
        ],
    ),
    (
        "kept together",
        {
            "ours": {"a": ["1", "b<2", "b>0"], "b": ["1"]},
            "theirs": "a==2  # via -r x\nb==2  # via a",
            "index": {"a": {"2": {"requires": ["b>=2"]}}},
            "kept": {"a": "1", "b": "1"},
        },
        [
            ("a", "kept", "kept from the earlier lock; --upgrade-package a moves it"),
            ("b", "kept", "kept from the earlier lock; --upgrade-package b moves it"),
        ],
    ),
    (
        "aligned with another target",
        {
            "ours": {"a": ["1"]},
            "theirs": "a==2  # via -r x",
            "others": [
                lock_of({"a": ["1"]}, indexes={}, target=make_target("cpu")),
                lock_of({"a": ["2"]}, indexes={}, target=make_target("cu118")),
            ],
        },
        [("a", "aligned", "the version that cpu-linux-x86_64-py311 has")],
    ),
    (
        "asked for by the same wheel on one side only",
        {
            "ours": {"a": ["1"]},
            "theirs": "a==1  # via -r x\nb==1  # via a",
            "index": {"a": {"1": {"requires": ["b"]}}},
        },
        [("b", "unknown", "no reason found: please report it")],
    ),
    (
        "no reason",
        {"ours": {"a": ["1"]}, "theirs": "a==2  # via -r x", "index": {"a": {"2": {"requires": ["un readable"]}}}},
        [("a", "unknown", "no reason found: please report it")],
    ),
]


@pytest.mark.parametrize(("sides", "expected"), [pytest.param(*case[1:], id=case[0]) for case in CASES])
def test_every_difference_has_its_reason(sides: dict[str, Any], expected: list[tuple[str, str, str]]) -> None:
    """By name, with the cause as a word for scripts and the reason as a sentence."""
    found = compared(**sides)

    assert [(str(item.name), item.cause, item.reason) for item in found] == expected


def test_a_wheel_that_is_not_for_this_machine_explains_ours() -> None:
    """A floor above this machine's own C library lets us take what pip cannot."""
    older = Host(tags=frozenset(replace(TARGET, floor=(2, 17)).tags()), environment=HOST.environment)
    lock = lock_of({"a": ["2"]}, indexes={})
    (wheel,) = lock.wheels
    lock = replace(lock, wheels=(replace(wheel, filename="a-2-cp311-cp311-manylinux_2_28_x86_64.whl"),))
    both = Comparison(
        lock=lock,
        pins=read_pins("a==1  # via -r x"),
        host=older,
        wheels_of=lambda name, version: (),
        requires_of=lambda name, version: (),
        kept={},
    )
    offered = LookUps(FakeCatalogue({"ordinary": {"a": {"1": {}}}}), {}, TARGET.tags())

    (difference,) = differences(replace(both, wheels_of=offered.wheels_of))

    assert (difference.cause, difference.reason) == (
        "wheel",
        "a-2-cp311-cp311-manylinux_2_28_x86_64.whl is not for this machine",
    )


def test_a_cross_check_tells_all_in_lines_and_json() -> None:
    """Agreement is one line; a difference has both versions, none where there is none."""
    found = compared({"a": ["1"]}, "b==2  # via -r x")

    assert CrossCheck(differences=()).lines() == ["cross-check: pip-compile takes the very same versions"]
    assert CrossCheck(differences=found).lines() == [
        "cross-check: pip-compile differs in 2:",
        "  a: 1 here, none by pip-compile: no reason found: please report it",
        "  b: none here, 2 by pip-compile: no reason found: please report it",
    ]
    assert [item.to_dict() for item in found] == [
        {"name": "a", "ours": "1", "theirs": None, "cause": "unknown", "reason": "no reason found: please report it"},
        {"name": "b", "ours": None, "theirs": "2", "cause": "unknown", "reason": "no reason found: please report it"},
    ]
