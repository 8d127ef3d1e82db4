"""Of a wheel's METADATA the resolver sees what holds on the target, whatever machine it runs on."""

import pytest
from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from locks import Target
from locks.metadata import MendedRequirement, WheelMetadata, active_requirements, applies, parse_metadata

from tests.compiler.fakes import make_target
from tests.wheels import make_wheel

A = canonicalize_name("a")
LINUX = make_target()
WINDOWS = make_target(platform="windows-x86_64")
ARM = make_target(platform="linux-aarch64")
MAC = make_target(platform="macos-arm64", python="3.13")


def active(lines: list[str], target: Target = LINUX, *extras: str) -> list[str]:
    """Names that hold on a target for a package asked for with these extras."""
    metadata = WheelMetadata(requires_dist=tuple(lines), requires_python=None)
    return [item.name for item in active_requirements(metadata, target.environment(), frozenset(extras))]


def test_requirements_and_python_limit_are_read() -> None:
    """Both come out in the file's order, and a file without them is no fault."""
    rich = make_wheel("a", "1", requires=["b>=1", "c; extra == 'x'"], requires_python=">=3.9", provides_extra=["x"])

    assert parse_metadata(rich.metadata, project=A) == WheelMetadata(
        requires_dist=("b>=1", "c; extra == 'x'"), requires_python=">=3.9", extras=("x",)
    )
    assert parse_metadata(b"Metadata-Version: 2.1\nName: a\nVersion: 1\n", project=A) == WheelMetadata(
        requires_dist=(), requires_python=None
    )


@pytest.mark.parametrize("newline", ["\n", "\r\n"], ids=["LF", "CRLF"])
def test_folded_line_and_foreign_bytes_do_not_hide_a_requirement(newline: str) -> None:
    """Old metadata folds long lines, and its description may be in any encoding."""
    text = "Name: a\nRequires-Dist: b\n  (>=1)\nRequires-Python: >=3,\n        <4\nAuthor: Jos\xe9\n\nbody: \xff\n"
    data = text.replace("\n", newline).encode("latin-1")

    assert parse_metadata(data, project=A) == WheelMetadata(requires_dist=("b (>=1)",), requires_python=">=3, <4")


def test_line_in_no_encoding_does_not_take_the_others_away() -> None:
    """One requirement that is no UTF-8 is one unreadable requirement; the sound ones beside it stay."""
    sound, broken = parse_metadata(b"Name: a\nRequires-Dist: b\nRequires-Dist: \xff>=1\n", project=A).requires_dist

    assert sound == "b"
    with pytest.raises(InvalidRequirement):
        active([sound, broken])


def test_first_of_two_python_limits_counts() -> None:
    """A field that should stand there once is read where it stands first, as pip and uv read it."""
    data = b"Name: a\nName: b\nRequires-Python: >=3.9\nRequires-Python: >=3.12\n"

    assert parse_metadata(data, project=A).requires_python == ">=3.9"


@pytest.mark.parametrize(
    ("data", "found"),
    [
        pytest.param(b"Name: b\nVersion: 1\n", "METADATA of 'b'", id="another project's"),
        pytest.param(b"<html>signed out</html>", "no METADATA", id="a web page"),
        pytest.param(b"", "no METADATA", id="nothing"),
        pytest.param(b"\nName: a\n", "no METADATA", id="a body alone"),
    ],
)
def test_what_is_not_the_projects_metadata_is_refused(data: bytes, found: str) -> None:
    """Other words are not taken for a project that requires nothing."""
    with pytest.raises(ValueError, match=found):
        parse_metadata(data, project=A)


def test_nested_parts_are_not_followed() -> None:
    """A description made to exhaust the stack is not looked at."""
    parts = b"".join(b"Content-Type: multipart/mixed; boundary=%d\n\n--%d\n" % (n, n) for n in range(2000))

    assert parse_metadata(b"Name: a\nRequires-Dist: b\n" + parts, project=A).requires_dist == ("b",)


MARKERS = [
    ("no marker", "a", [LINUX, WINDOWS, ARM, MAC]),
    ("system", "a; sys_platform == 'win32'", [WINDOWS]),
    ("system by name", "a; platform_system == 'Linux'", [LINUX, ARM]),
    ("machine", "a; platform_machine == 'x86_64'", [LINUX]),
    ("machine, Windows' name", "a; platform_machine == 'AMD64'", [WINDOWS]),
    ("os", "a; os_name != 'nt'", [LINUX, ARM, MAC]),
    ("python", "a; python_version >= '3.12'", [MAC]),
    ("first patch release", "a; python_full_version < '3.11.3'", [LINUX, WINDOWS, ARM]),
    ("implementation", "a; platform_python_implementation == 'PyPy'", []),
    ("macOS kernel", "a; sys_platform == 'darwin' and platform_release >= '22'", [MAC]),
    ("torch's own", "a; platform_system == 'Linux' and platform_machine == 'x86_64'", [LINUX]),
]


@pytest.mark.parametrize(("line", "where"), [pytest.param(*case, id=name) for name, *case in MARKERS])
def test_markers_are_judged_for_the_target(line: str, where: list[Target]) -> None:
    """A marker holds where the target says so; the machine that asks has no say."""
    assert [target for target in (LINUX, WINDOWS, ARM, MAC) if active([line], target)] == where


LINES = ["always", "x-only; extra == 'x'", 'y-only ; extra=="y"', "both; extra == 'x' or extra == 'y'"]


@pytest.mark.parametrize(
    ("extras", "names"),
    [
        pytest.param([], ["always"], id="none"),
        pytest.param(["x"], ["always", "x-only", "both"], id="x"),
        pytest.param(["x", "y"], ["always", "x-only", "y-only", "both"], id="x and y"),
        pytest.param(["z"], ["always"], id="unknown"),
    ],
)
def test_extras_add_their_requirements(extras: list[str], names: list[str]) -> None:
    """What stands behind an extra is there for whoever asked for it, and for nobody else."""
    assert active(LINES, LINUX, *extras) == names


@pytest.mark.parametrize(
    ("line", "names"),
    [
        pytest.param("a; extra == 'x' and sys_platform == 'linux'", ["a"], id="and the target"),
        pytest.param("a; sys_platform == 'win32' and extra == 'x'", [], id="and another target"),
        pytest.param("a; extra == 'X_y'", [], id="another extra"),
        pytest.param("a; extra == ''", [], id="no extra"),
    ],
)
def test_extra_and_platform_must_both_hold(line: str, names: list[str]) -> None:
    """A marker that joins an extra with a platform holds only where both do."""
    assert active([line], LINUX, "x") == names


def test_extra_is_met_under_any_spelling() -> None:
    """Old metadata writes extras as it likes; asked for by the normalised name they are found (PEP 685)."""
    assert active(["a; extra == 'Some_Extra'"], LINUX, "some-extra") == ["a"]


def test_unreadable_line_matters_only_where_it_might_hold() -> None:
    """A broken line for an extra that nobody asked for is never read; any other is an error."""
    assert active(["a", "b (>=1 ; extra == 'x'"]) == ["a"]
    with pytest.raises(InvalidRequirement):
        active(["a", "b (>=1 ; extra == 'x'"], LINUX, "x")
    with pytest.raises(InvalidRequirement):
        active(["a (>=1"])


@pytest.mark.parametrize(
    "line",
    [
        pytest.param(f"a>={'1' * 5000}", id="number without end"),
        pytest.param(f"a; {'(' * 1900}os_name == 'nt'{')' * 1900}", id="nested without end"),
    ],
)
def test_line_made_to_break_the_reader_is_unreadable(line: str) -> None:
    """What Python itself gives up on is an unreadable line like any other."""
    with pytest.raises(InvalidRequirement):
        active([line])


def test_wart_is_mended_and_remembered() -> None:
    """A mended line is a requirement like any other that also knows what it was."""
    metadata = WheelMetadata(requires_dist=("a (>=1.0<2)", "b"), requires_python=None)
    a, b = active_requirements(metadata, LINUX.environment(), frozenset())

    assert isinstance(a, MendedRequirement)
    assert (str(a), a.line, a.mended.text) == ("a<2,>=1.0", "a (>=1.0<2)", "a (>=1.0,<2)")
    assert type(b) is Requirement


def test_negated_extra_holds_for_whoever_did_not_ask() -> None:
    """Only a line for an extra is skipped unread; "not this extra", or "no extra", holds when nobody asked for one."""
    assert active(["a; extra != 'x'", "b; extra == ''"]) == ["a", "b"]


def test_root_requirement_applies_by_its_marker() -> None:
    """A manifest's requirement with a marker holds on the targets that the marker names."""
    requirement = Requirement("triton-windows>=3; sys_platform == 'win32'")

    assert applies(requirement, WINDOWS.environment(), frozenset())
    assert not applies(requirement, LINUX.environment(), frozenset())
