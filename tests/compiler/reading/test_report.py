"""A comparison is told in tables and notes, each thing once, as text, as Markdown and as JSON."""

import json
from dataclasses import replace
from typing import Any

import pytest
from packaging.utils import canonicalize_name

from locks import LeftOut, Limits, Lock, LockedWheel

from compiler.reading.diff import Comparison, compare_sets
from compiler.reading.layout import to_markdown, to_text
from compiler.reading.report import Report, Table, to_dict, to_report
from tests.compiler.fakes import make_target
from tests.compiler.reading.locked import make_lock, make_wheel

MB = 1_000_000
OLD_LIMITS = Limits(driver=(525, 60, 13), compute_capabilities=("8.6", "9.0"))
NEW_LIMITS = Limits(driver=(580, 65, 6), compute_capabilities=("9.0", "10.0"))


def lock(variant: str, *wheels: LockedWheel, version: str, limits: Limits = OLD_LIMITS, **more: Any) -> Lock:
    """A lock of these wheels for a Linux of that variant."""
    return make_lock(*wheels, target=make_target(variant), stack_version=version, limits=limits, **more)


def old_set() -> list[Lock]:
    """Three targets before."""
    numpy, gone = make_wheel("numpy", "1.26.3", size_bytes=18 * MB), make_wheel("gone", "1", size_bytes=15_000)
    torch = make_wheel("torch", "2.5.1", size_bytes=900 * MB)
    cudnn = make_wheel("nvidia-cudnn-cu12", "9.1.0.70", size_bytes=600 * MB)
    return [
        lock("cu121", numpy, gone, version="1", requirements=["numpy<2"]),
        lock("cu124", numpy, torch, cudnn, version="1", requirements=["numpy<2"]),
        lock("cu126", numpy, torch, version="1", requirements=["numpy<2"]),
    ]


def new_set() -> list[Lock]:
    """Three targets after; one is new, one gone."""
    numpy = make_wheel("numpy", "1.26.4", size_bytes=18 * MB, licence="BSD-3-Clause")
    numpy_here = replace(numpy, size_bytes=20 * MB)
    torch = make_wheel("torch", "2.5.1", size_bytes=890 * MB, build="1")
    cudnn = make_wheel("nvidia-cudnn-cu12", "9.5.1.17", size_bytes=570 * MB)
    fresh = make_wheel("fresh", "0.1", size_bytes=2 * MB)
    left_out = (LeftOut(group="more", reason="too\n  big"),)
    return [
        lock("cu124", numpy, torch, cudnn, fresh, version="2", limits=NEW_LIMITS, requirements=["numpy"]),
        lock("cu126", numpy_here, torch, version="2", requirements=["numpy"], left_out=left_out),
        lock("cu130", numpy, version="2", requirements=["numpy"]),
    ]


def compared() -> Comparison:
    """What differs."""
    return compare_sets(old_set(), new_set())


TEXT = """\
demo 1 -> 2: 2 up, 1 rebuilt, 1 added

  target                    packages  size
  cu124-linux-x86_64-py311  3 -> 4    1,518.0 -> 1,480.0 MB (-2.5 %)
  cu126-linux-x86_64-py311  2         918.0 -> 910.0 MB (-0.9 %)

packages
  package  change  old     new     size               on
  numpy    up      1.26.3  1.26.4  +0.00 to +2.00 MB  all
  fresh    added           0.1     +2.00 MB           cu124-linux-x86_64-py311

CUDA libraries
  package            change   old       new       size                        on
  nvidia-cudnn-cu12  up       9.1.0.70  9.5.1.17  600.0 -> 570.0 MB (-5.0 %)  cu124-linux-x86_64-py311
  torch              rebuilt  2.5.1     2.5.1     900.0 -> 890.0 MB (-1.1 %)  all

also
  target added: cu130-linux-x86_64-py311, 1 package, 18.0 MB
  target removed: cu121-linux-x86_64-py311, 2 packages, 18.0 MB
  CUDA: cuDNN 9.1.0.70 -> 9.5.1.17 [on cu124-linux-x86_64-py311]
  limit: driver 525.60.13 -> 580.65.06 [on cu124-linux-x86_64-py311]
  limit: compute capabilities 8.6 -> 10.0 [on cu124-linux-x86_64-py311]
  requirement: numpy <2 -> any version
  left out: more added (too big) [on cu126-linux-x86_64-py311]
  licences: BSD-3-Clause added (numpy)
  licence: numpy MIT -> BSD-3-Clause"""


def test_text_says_each_thing_once() -> None:
    """Tables for packages and CUDA libraries apart, notes for the rest; the targets concerned stand beside each."""
    assert to_text(to_report(compared())) == TEXT


def test_markdown_has_tables_then_bullets() -> None:
    """Good enough to paste: a bold title, tables, bullets; what looks like markup is escaped."""
    old = make_lock(make_wheel("a_b", "1"), requirements=["a_b!=1.*,<3"])
    new = make_lock(make_wheel("a_b", "1.1"), requirements=["a_b!=1.*,<4"])

    assert to_markdown(to_report(compare_sets([old], [new]))) == (
        "**demo 1: 1 up**\n"
        "\n"
        "| target | packages | size |\n"
        "|---|---|---|\n"
        "| cpu-linux-x86_64-py311 | 1 | 1.00 MB |\n"
        "\n"
        "Packages:\n"
        "\n"
        "| package | change | old | new | size |\n"
        "|---|---|---|---|---|\n"
        "| a-b | up | 1 | 1.1 | 1.00 MB |\n"
        "\n"
        "- requirement: a-b !=1.\\*,\\<3 -> !=1.\\*,\\<4"
    )


@pytest.mark.parametrize(
    ("text", "escaped"),
    [
        ("a|b", "a\\|b"),
        ("`x` *y* [z] ~w~ \\", "\\`x\\` \\*y\\* \\[z\\] \\~w\\~ \\\\"),
        ("_a_ x86_64", "\\_a\\_ x86_64"),
        ("<b>", "\\<b>"),
    ],
)
def test_markup_is_escaped(text: str, escaped: str) -> None:
    """Cells and bullets read as what they are."""
    report = Report(title="t", tables=(Table(heading="", columns=("c",), rows=((text,),)),), notes=(text,))

    assert to_markdown(report).splitlines()[4:] == [f"| {escaped} |", "", f"- {escaped}"]


@pytest.mark.parametrize("lay_out", [to_text, to_markdown])
def test_no_difference_is_one_line(lay_out: object) -> None:
    """The same locks differ in nothing, and that is said."""
    report = to_report(compare_sets(old_set(), old_set()))

    assert report == Report(title="demo 1: no difference on 3 targets")
    assert callable(lay_out)
    assert lay_out(report).strip("*") == report.title


def test_what_was_not_compared_is_said() -> None:
    """A lock without requirements or licences keeps nobody from the rest."""
    old = make_lock(make_wheel("a", "1", licence=""))
    new = make_lock(make_wheel("a", "1"), requirements=["a"])

    assert to_report(compare_sets([old], [new])) == Report(
        title="demo 1: no difference on 1 target",
        notes=(
            "requirements: not compared on all, for one of the two locks tells none",
            "licences: not compared on all, for one of the two locks tells none",
        ),
    )


def test_another_stack_is_named() -> None:
    """Two stacks are compared as well, and both are in the title."""
    old, new = make_lock(), make_lock(stack="other", stack_version="7")

    assert to_report(compare_sets([old], [new])).title == "demo 1 -> other 7: no package moves"


def test_where_is_told_in_the_fewest_names() -> None:
    """What is true of most targets names the others."""
    variants = ("cu118", "cu121", "cu124", "cu126")
    old = [lock(variant, make_wheel("a", "1"), version="1") for variant in variants]
    new = [lock(variant, make_wheel("a", "1" if variant == "cu121" else "2"), version="1") for variant in variants]

    (_, table) = to_report(compare_sets(old, new)).tables

    assert [row[-1] for row in table.rows] == ["all but cu121-linux-x86_64-py311"]


def test_only_new_targets() -> None:
    """Sets without a common target have no table."""
    old, new = old_set()[:2], new_set()[1:]

    report = to_report(compare_sets(old, new))

    assert report.title == "demo 1 -> 2: no package moves"
    assert (report.tables, len(report.notes)) == ((), 4)


def test_json_has_all_of_it() -> None:
    """Programs get every move with its bytes on each target, and every change with its parts."""
    result = json.loads(json.dumps(to_dict(compared())))

    assert list(result["targets"]) == ["cu124-linux-x86_64-py311", "cu126-linux-x86_64-py311"]
    assert [lock["target"] for lock in result["added_targets"]] == ["cu130-linux-x86_64-py311"]
    assert [lock["size_bytes"] for lock in result["removed_targets"]] == [18_015_000]
    assert result["packages"][0] == {
        "name": canonicalize_name("numpy"),
        "change": "up",
        "old": "1.26.3",
        "new": "1.26.4",
        "cuda": False,
        "targets": {
            "cu124-linux-x86_64-py311": {"old_bytes": 18 * MB, "new_bytes": 18 * MB},
            "cu126-linux-x86_64-py311": {"old_bytes": 18 * MB, "new_bytes": 20 * MB},
        },
    }
    assert result["changes"][0] == {
        "topic": "stack",
        "subject": "version",
        "change": "changed",
        "old": ["1"],
        "new": ["2"],
        "targets": ["cu124-linux-x86_64-py311", "cu126-linux-x86_64-py311"],
    }
    assert result["not_compared"] == {}
