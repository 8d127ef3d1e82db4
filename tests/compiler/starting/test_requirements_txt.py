"""A requirements file is read as pip reads it, and what a manifest cannot have is told with its line."""

from pathlib import Path

import pytest

from locks import Problem

from compiler.errors import DraftError
from compiler.starting.draft import Draft
from compiler.starting.requirements_txt import read_requirements_txt
from tests.compiler.starting.drafts import lines_of


def read(text: str, **others: str) -> Draft:
    """Read requirements.txt; `others` may be included: `_` in a name stands for a dot, `__` for a slash."""
    files = {"requirements.txt": text, **{name.replace("__", "/").replace("_", "."): v for name, v in others.items()}}

    def read_text(path: Path) -> str:
        if path.as_posix() not in files:
            raise FileNotFoundError(2, "No such file or directory", str(path))
        return files[path.as_posix()]

    return read_requirements_txt(Path("requirements.txt"), read_text)


def problems_in(text: str, **others: str) -> list[Problem]:
    """What is wrong with it."""
    with pytest.raises(DraftError) as caught:
        read(text, **others)
    return list(caught.value.problems)


READ: list[tuple[str, str, list[str]]] = [
    ("nothing", "", []),
    ("comments and blank lines", "# numpy\n\n  # more\nnumpy>=1.26 # why\n", ["numpy>=1.26"]),
    ("Windows line ends and no last one", "a\r\nb<2", ["a", "b<2"]),
    ("continuations", "a>=1,\\\n  <2\nb", ["a<2,>=1", "b"]),
    ("spaces and extras", "fastapi [standard] >= 0.115.0 , < 1\n", ["fastapi[standard]<1,>=0.115.0"]),
    ("markers", "a<2 ; python_version < '3.12'\n", ['a<2; python_version < "3.12"']),
    ("the same line twice", "a>=1\nb\na>=1\n", ["a>=1", "b"]),
    ("one package twice", "a>=1\na<2\n", ["a>=1", "a<2"]),
    ("hashes", "a==1 \\\n    --hash=sha256:aa \\\n    --hash=sha256:bb\nb==2 --hash=sha256:cc\n", ["a==1", "b==2"]),
    ("orders to build", "a==1 --config-settings=x --global-option=--no-user-cfg\n", ["a==1"]),
]


@pytest.mark.parametrize(("text", "expected"), [pytest.param(*case, id=name) for name, *case in READ])
def test_requirements_are_read_as_pip_reads_them(text: str, expected: list[str]) -> None:
    """Comments, continuations, hashes and repetitions leave the requirements as they are meant."""
    assert lines_of(read(text).requirements) == expected


def test_a_comment_beside_a_requirement_is_kept() -> None:
    """The reason a person wrote beside a line goes with it; a line tells where it stood."""
    first, second = read("# heading\nnumpy<2  # torch 2.5 breaks\nb\n# next heading\n").requirements

    assert (first.where, first.comment) == ("requirements.txt: line 2", "torch 2.5 breaks")
    assert (second.where, second.comment) == ("requirements.txt: line 3", "")


def test_included_files_are_read_where_they_are_named() -> None:
    """`-r` is followed in all its forms, from the folder of the file that says it, and each file counts once."""
    draft = read(
        "-r sub/a.txt\n--requirement=b.txt\n-rb.txt\nz\n",
        sub__a_txt="a\n-r ../c.txt\n",
        b_txt="b\n-r c.txt\n",
        c_txt="c\n",
    )

    assert lines_of(draft.requirements) == ["a", "c", "b", "z"]
    assert [item.where for item in draft.requirements][:2] == [f"{Path('sub/a.txt')}: line 1", "c.txt: line 1"]


def test_constraints_hold_for_what_is_required() -> None:
    """A constraint on a required package becomes a requirement; the others are counted and left out."""
    draft = read(
        "-c constraints.txt\nnumpy>=1.26\n",
        constraints_txt="numpy<2\nabsent==1\nother==2\n-r more.txt\n",
        more_txt="third==3\n",
    )

    assert lines_of(draft.requirements) == ["numpy>=1.26", "numpy<2"]
    assert draft.requirements[1].where == "constraints.txt: line 1"
    assert draft.notes == ("3 constraints on packages that are not required here are left out",)


def test_files_that_include_each_other_are_refused() -> None:
    """A circle is told with its whole way."""
    (problem,) = problems_in("a\n-r b.txt\n", b_txt="-c requirements.txt\n")

    assert (problem.where, problem.found) == ("b.txt: line 1", "requirements.txt -> b.txt -> requirements.txt")


PLACE = "build its wheel, put that in a find-links folder, and write its name and version here"
WHEEL = "put the wheel in a find-links folder and write 'flash-attn==2.8.3+cu12torch2.5' here"
WRONG: list[tuple[str, str, tuple[str, str, str]]] = [
    ("an editable project", "-e .", ("a name with versions", "'.'", PLACE)),
    ("a folder", "./libs/mine", ("a name with versions", "'./libs/mine'", PLACE)),
    ("the folder itself", ".[gpu]", ("a name with versions", "'.[gpu]'", PLACE)),
    ("a Windows path", "C:\\libs\\mine", ("a name with versions", "'C:\\\\libs\\\\mine'", PLACE)),
    (
        "a version control address with a password",
        "git+https://me:s3cret@host.invalid/x.git@main#egg=x",
        ("a name with versions", "'git+https://host.invalid/x.git@main#egg=x'", PLACE),
    ),
    (
        "a wheel's address",
        "https://host.invalid/flash_attn-2.8.3%2Bcu12torch2.5-cp311-cp311-linux_x86_64.whl",
        (
            "a name with versions",
            "'https://host.invalid/flash_attn-2.8.3%2Bcu12torch2.5-cp311-cp311-linux_x86_64.whl'",
            WHEEL,
        ),
    ),
    (
        "a wheel's path with a marker",
        "wheels/a-1-py3-none-any.whl ; os_name == 'nt'",
        (
            "a name with versions",
            "\"wheels/a-1-py3-none-any.whl ; os_name == 'nt'\"",
            "put the wheel in a find-links folder and write \"a==1 ; os_name == 'nt'\" here",
        ),
    ),
    (
        "a name with an address",
        "x @ https://me:s3cret@host.invalid/x.whl",
        (
            "a name with versions",
            "'x @ https://host.invalid/x.whl'",
            "addresses cannot be locked for an offline machine; put the wheel in a find-links folder",
        ),
    ),
    ("an address to include", "-r https://host.invalid/r.txt", ("a file at hand", "an address", "download it first")),
    ("a file that is not there", "-r absent.txt", ("a file of text, absent.txt", "No such file or directory", "")),
    ("an open quotation", "-r 'absent.txt", ("options that pip knows", "No closing quotation", "")),
    (
        "an option without its value",
        "-r",
        ("options that pip knows", "argument -r/--requirement: expected one argument", ""),
    ),
    ("an option with the end of options", "-i--", ("options that pip knows", "an option lacks its value", "")),
    ("a marker without meaning", "a ; os_name ~= 'posix'", ("a marker that can be evaluated", "", "")),
]


@pytest.mark.parametrize(("line", "expected"), [pytest.param(*case, id=name) for name, *case in WRONG])
def test_what_a_manifest_cannot_have_is_told_with_its_line(line: str, expected: tuple[str, str, str]) -> None:
    """Paths, addresses and files that are not there are refused with line, reason and the way out; no password."""
    (problem,) = problems_in(f"good\n{line}\n")

    assert (problem.code, problem.where) == ("source-invalid", "requirements.txt: line 2")
    assert (problem.expected, problem.hint) == (expected[0], expected[2])
    assert problem.found.startswith(expected[1])
    assert "s3cret" not in str(problem)


def test_every_wrong_line_is_told_at_once() -> None:
    """One reading tells all lines, those of included files too."""
    problems = problems_in("-e .\nnot a requirement\n-r b.txt\n", b_txt="good\n./x\n")

    assert [problem.where for problem in problems] == [
        "requirements.txt: line 1",
        "requirements.txt: line 2",
        "b.txt: line 2",
    ]


def test_a_file_that_is_no_text_is_told() -> None:
    """What cannot be decoded is one problem, at the file itself."""
    with pytest.raises(DraftError) as caught:
        read_requirements_txt(Path("r.txt"), lambda path: b"\xff".decode())

    (problem,) = caught.value.problems
    assert (problem.where, problem.expected) == ("r.txt", "a file of text, r.txt")


def test_addresses_of_indexes_are_not_repeated() -> None:
    """An index of one variant's builds is taken for it; other addresses are noted by line, and never printed."""
    draft = read(
        "--index-url https://host.invalid/simple --extra-index-url=https://me:s3cret@host.invalid/whl/cu121\n"
        "-f https://host.invalid/links.html\n"
        "--extra-index-url https://host.invalid/whl/cu124/\n"
        "--extra-index-url https://$TOKEN@host.invalid/whl/cu126\n"
        "--pre --no-binary=:all:\n"
        "-f http://[::1/cu124\n"
    )

    assert draft.indexes == {"cu124": "https://host.invalid/whl/cu124/"}
    assert draft.notes == (
        *["requirements.txt: line 1: an address is left out; pip's configuration holds those"] * 2,
        "requirements.txt: line 2: an address is left out; pip's configuration holds those",
        "requirements.txt: line 4: an address is left out; pip's configuration holds those",
        "requirements.txt: line 5: --pre --no-binary=:all: is left out",
        "requirements.txt: line 6: an address is left out; pip's configuration holds those",
    )


COMPILED = """\
#
# This file is autogenerated by pip-compile with Python 3.11
# by the following command:
#
#    pip-compile --generate-hashes requirements.in
#
--extra-index-url https://host.invalid/simple

accelerate==0.34.1 \\
    --hash=sha256:aa \\
    --hash=sha256:bb
    # via -r requirements.in
certifi==2024.8.30
    # via
    #   httpx
    #   requests
numpy==1.26.4
    # via
    #   -c constraints.txt
    #   -r requirements.in
    #   accelerate
safetensors==0.4.5  # via -c constraints.txt, accelerate
torch==2.5.1  # via demo (pyproject.toml), accelerate

# The following packages are considered to be unsafe in a requirements file:
# setuptools
"""


def test_of_a_compiled_file_only_what_was_asked_for_is_kept() -> None:
    """What pip-compile or uv wrote says why each pin is there; the pins of dependencies belong in locks."""
    draft = read(COMPILED)

    assert lines_of(draft.requirements) == ["accelerate==0.34.1", "numpy==1.26.4", "torch==2.5.1"]
    assert [item.comment for item in draft.requirements] == ["", "", ""]
    assert draft.notes[-1] == (
        "pip-compile or uv wrote these pins: the 3 that were asked for are kept, 2 that other packages brought are "
        "left out; loosen what need not be exact, locks hold the pins"
    )


def test_a_compiled_file_that_does_not_tell_is_kept_whole() -> None:
    """Without a word on what was asked for, nothing is left out, and the source is asked for."""
    draft = read("a==1\n    # via b\nb==2\n    # via a\n")

    assert lines_of(draft.requirements) == ["a==1", "b==2"]
    assert draft.notes == ("pip-compile or uv wrote these pins, which belong in locks; import what it was made of",)
