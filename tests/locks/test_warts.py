"""Warts of old metadata are read as uv reads them; what is sound is never touched."""

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import InvalidSpecifier, SpecifierSet

from locks.warts import WARTS, Mended, mend_requirement, mend_specifier

# Source: the tests of uv, crates/uv-pypi-types/src/lenient_requirement.rs at 26a9dd4, all of them, by their names.
REQUIREMENTS = [
    ("requirement_missing_comma", "elasticsearch-dsl (>=7.2.0<8.0.0)", "elasticsearch-dsl (>=7.2.0,<8.0.0)"),
    ("requirement_not_equal_tile 1", "jupyter-core (!=~5.0,>=4.12)", "jupyter-core (!=5.0.*,>=4.12)"),
    ("requirement_not_equal_tile 2", "jupyter-core (!=~5,>=4.12)", "jupyter-core (!=5.*,>=4.12)"),
    ("requirement_greater_than_star", "torch (>=1.9.*)", "torch (>=1.9)"),
    ("requirement_greater_than_star_whitespace", "torch (>= 1.9.*)", "torch (>=1.9)"),
    ("requirement_missing_dot", "pyzmq (>=2.7,!=3.0*,!=3.1*,!=3.2*)", "pyzmq (>=2.7,!=3.0.*,!=3.1.*,!=3.2.*)"),
    ("requirement_trailing_comma", "pyzmq >=3.6,", "pyzmq >=3.6"),
    ("trailing_comma_after_quote", "botocore>=1.3.0,<1.4.0',", "botocore>=1.3.0,<1.4.0"),
    (
        "stray_quote_preserve_marker 1",
        'numpy >=1.19; python_version >= "3.7"',
        'numpy >=1.19; python_version >= "3.7"',
    ),
    (
        "stray_quote_preserve_marker 2",
        'numpy ">=1.19"; python_version >= "3.7"',
        'numpy >=1.19; python_version >= "3.7"',
    ),
    (
        "stray_quote_preserve_marker 3",
        '\'numpy\' >=1.19"; python_version >= "3.7"',
        'numpy >=1.19; python_version >= "3.7"',
    ),
]
SPECIFIERS = [
    ("specifier_missing_comma", ">=7.2.0<8.0.0", ">=7.2.0,<8.0.0"),
    ("specifier_not_equal_tile 1", "!=~5.0,>=4.12", "!=5.0.*,>=4.12"),
    ("specifier_not_equal_tile 2", "!=~5,>=4.12", "!=5.*,>=4.12"),
    ("specifier_greater_than_star 1", ">=1.9.*", ">=1.9"),
    ("specifier_greater_than_star 2", ">=1.*", ">=1"),
    ("specifier_greater_than_star_whitespace", ">= 3.5.*", ">=3.5"),
    ("specifier_missing_dot", ">=2.7,!=3.0*,!=3.1*,!=3.2*", ">=2.7,!=3.0.*,!=3.1.*,!=3.2.*"),
    ("specifier_trailing_comma", ">=3.6,", ">=3.6"),
    ("specifier_trailing_comma_trailing_space", ">=3.6, ", ">=3.6"),
    ("specifier_invalid_single_quotes", ">= '2.7'", ">= 2.7"),
    ("specifier_invalid_double_quotes", '>="3.6"', ">=3.6"),
    (
        "specifier_multi_fix",
        ">=2.7, !=3.0.*, !=3.1.*, !=3.2.*, !=3.3.*, !=3.4.*,",
        ">=2.7, !=3.0.*, !=3.1.*, !=3.2.*, !=3.3.*, !=3.4.*",
    ),
    ("smaller_than_star", ">=2.7,!=3.0.*,!=3.1.*,<3.4.*", ">=2.7,!=3.0.*,!=3.1.*,<3.4"),
    (
        "stray_quote 1",
        ">=2.7, !=3.0.*, !=3.1.*', !=3.2.*, !=3.3.*'",
        ">=2.7, !=3.0.*, !=3.1.*, !=3.2.*, !=3.3.*",
    ),
    ("stray_quote 2", ">=3.6'", ">=3.6"),
    ("greater_than_dev", ">dev", ">0.0.0dev"),
    ("trailing_alpha_zero 1", ">=9.0.0a1.0", ">=9.0.0a1"),
    ("trailing_alpha_zero 2", ">=9.0a1.0", ">=9.0a1"),
    ("trailing_alpha_zero 3", ">=9a1.0", ">=9a1"),
]


def read_requirement(line: str) -> Requirement:
    """Read a line, mended where it must be."""
    mended = mend_requirement(line)
    return Requirement(mended.text if mended else line)


def read_specifier(text: str) -> SpecifierSet:
    """Read a specifier, mended where it must be."""
    mended = mend_specifier(text)
    return SpecifierSet(mended.text if mended else text)


@pytest.mark.parametrize(("line", "meant"), [pytest.param(*case, id=name) for name, *case in REQUIREMENTS])
def test_requirement_is_read_as_uv_reads_it(line: str, meant: str) -> None:
    """Every requirement that uv mends in its own tests says here what it says there."""
    assert read_requirement(line) == Requirement(meant)


@pytest.mark.parametrize(("text", "meant"), [pytest.param(*case, id=name) for name, *case in SPECIFIERS])
def test_specifier_is_read_as_uv_reads_it(text: str, meant: str) -> None:
    """Every Requires-Python that uv mends in its own tests says here what it says there."""
    assert read_specifier(text) == SpecifierSet(meant)


@pytest.mark.parametrize(
    ("line", "mended"),
    [
        pytest.param(
            "foo (>=1.0<2)", Mended(text="foo (>=1.0,<2)", warts=("missing comma",)), id="one, the rest as it stands"
        ),
        pytest.param(
            "a (>=1.*,<2.*); os_name == 'nt'",
            Mended(text="a (>=1,<2); os_name == 'nt'", warts=("star after an inequality",)),
            id="two of a kind",
        ),
        pytest.param(
            "a>='1.0',<2.*",
            Mended(text="a>=1.0,<2", warts=("star after an inequality", "stray quotes")),
            id="two of two kinds",
        ),
        pytest.param(
            "oauth2>=1.0<2", Mended(text="oauth2>=1.0,<2", warts=("missing comma",)), id="name that ends in a digit"
        ),
        pytest.param(
            "a>=1<2'", Mended(text="a>=1,<2", warts=("missing comma", "stray quotes")), id="the one before the other"
        ),
    ],
)
def test_warts_are_named(line: str, mended: Mended) -> None:
    """What was mended is told with the whole text that is read instead."""
    assert mend_requirement(line) == mended


@pytest.mark.parametrize(
    "line",
    [
        "a (2.0)",
        "a (>=2.0",
        "a>=2004d",
        "a~=3.6.*",
        "a~=1",
        "a=1.0",
        "a>=1.0 <2.0",
        "a>=1.0 and <2.0",
        "a>=1.0,,<2",
        "a>=3.x",
        "a>=1a1.05",
        "a!=~5.10",
        "a!=3*",
        "a>=1.0.*.5",
        "a>=1.*<2.*",
        "a[x,]",
        "a; python_version >= 3.6",
        "a; extra == x",
        "a>=1.0 # why",
        "-a",
        "a @ 'https://host.invalid/a.whl",
        "",
        "'" * 5000,
        f"a>={'1' * 50_000}b{'1' * 50_000}<",
    ],
    ids=lambda line: line[:20] or "nothing",
)
def test_what_neither_tool_reads_is_not_mended(line: str) -> None:
    """A line that uv refuses too, or would misread, stays unreadable; nothing is guessed, however long it is."""
    assert mend_requirement(line) is None


TEXTS = st.text("ab1.0*!=~<>,'\"(); dev", max_size=24)
VERSIONS = st.from_regex(r"[0-9]{1,2}(\.[0-9]{1,2}){0,2}((a|b|rc|\.post|\.dev)[0-9])?", fullmatch=True)
OPERATORS = st.sampled_from(["<", "<=", ">", ">=", "==", "!="])
CLAUSES = st.lists(st.builds("{}{}".format, OPERATORS, VERSIONS), min_size=1, max_size=4)
NAMES = st.sampled_from(["a", "oauth2", "a-b.c_1", "a[x]", "a2[x,y2] "])
MARKERS = st.sampled_from(["", "; os_name == 'nt'", ' ; python_version<"3.9" and extra == "x"'])


@settings(max_examples=500, deadline=None, derandomize=True)
@given(NAMES, CLAUSES, MARKERS)
def test_sound_line_is_never_touched(name: str, clauses: list[str], marker: str) -> None:
    """What `packaging` reads is left alone."""
    assert mend_requirement(f"{name}{','.join(clauses)}{marker}") is None
    assert mend_specifier(",".join(clauses)) is None


@settings(max_examples=1000, deadline=None, derandomize=True)
@given(TEXTS, st.sampled_from(["", "a", "a "]))
@example(">'1',<2.*", "a")
def test_mended_text_is_sound(text: str, start: str) -> None:
    """Whatever comes in: what comes out can be read, and would not be mended again."""
    line = f"{start}{text}"
    if mended := mend_requirement(line):
        with pytest.raises(InvalidRequirement):
            Requirement(line)
        assert Requirement(mended.text).name
        assert mend_requirement(mended.text) is None
        assert set(mended.warts) <= {name for name, _, _ in WARTS}
    if mended := mend_specifier(text):
        with pytest.raises(InvalidSpecifier):
            SpecifierSet(text)
        assert SpecifierSet(mended.text) is not None
        assert mend_specifier(mended.text) is None


SPOILT = [
    ("missing comma", lambda name, clauses, marker: f"{name}{''.join(clauses)}{marker}"),
    ("stray quote", lambda name, clauses, marker: f"{name}{','.join(clauses)}'{marker}"),
    ("quoted", lambda name, clauses, marker: f'{name}"{",".join(clauses)}"{marker}'),
    ("quoted in brackets", lambda name, clauses, marker: f"{name} ('{','.join(clauses)}'){marker}"),
]


@pytest.mark.parametrize("spoil", [pytest.param(spoil, id=name) for name, spoil in SPOILT])
@settings(max_examples=200, deadline=None, derandomize=True)
@given(name=NAMES, clauses=CLAUSES, marker=MARKERS)
def test_spoilt_line_is_mended_to_what_was_meant(spoil, name: str, clauses: list[str], marker: str) -> None:  # type: ignore[no-untyped-def]  # a lambda of strings
    """A sound line with a wart put into it says again what it said, whatever its name ends in."""
    line = spoil(name, clauses, marker)
    assume(line != f"{name}{','.join(clauses)}{marker}")

    assert read_requirement(line) == Requirement(f"{name}{','.join(clauses)}{marker}")


@settings(max_examples=200, deadline=None, derandomize=True)
@given(NAMES, st.sampled_from(["<", "<=", ">", ">="]), st.from_regex(r"[0-9]{1,2}(\.[0-9]{1,2}){0,2}", fullmatch=True))
def test_star_after_an_inequality_is_no_star(name: str, operator: str, version: str) -> None:
    """A star that means nothing is taken away, and the version before it stays whole."""
    assert read_requirement(f"{name}{operator} {version}.*") == Requirement(f"{name}{operator}{version}")
