"""`venvault compile` on a command line: locks beside the manifest, or problems and the right exit code."""

import os
from codecs import BOM_UTF8
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from locks.read import read_lock

from compiler.cli import venvault
from tests.events import result_of
from tests.index_server import IndexServer
from tests.wheels import make_wheel

MANIFEST = """
[stack]
name = "demo"
version = "1"
python = ["3.11", "3.12"]
platforms = ["linux-x86_64", "windows-x86_64"]
requirements = ["a"]
[variants.cpu]
[variants.cu124]
[blacklist]
torchao = "no"
[optional.extra]
requirements = ["absent"]
[[drop]]
package = "a"
requires = "cut"
reason = "too big"
"""
ALL = [
    f"pylock.{variant}-{platform}-py{python}.toml"
    for variant in ("cpu", "cu124")
    for platform in ("linux-x86_64", "windows-x86_64")
    for python in ("311", "312")
]


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[IndexServer]:
    """An index with two packages, which pip is configured for."""
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    for name in ("PIP_FIND_LINKS", "PIP_EXTRA_INDEX_URL", "PIP_NO_INDEX"):
        monkeypatch.delenv(name, raising=False)
    with IndexServer() as running:
        monkeypatch.setenv("PIP_INDEX_URL", running.simple_url)
        running.add(make_wheel("a", "1.0", requires=["b", "cut"]))
        running.add(make_wheel("b", "2.0"))
        running.add(make_wheel("torchao", "1.0"))
        yield running


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with the manifest in it."""
    (tmp_path / "manifest.toml").write_text(MANIFEST, "utf-8")
    return tmp_path


def run(*arguments: object) -> Result:
    """Run the command line; a traceback would be an exception other than the exit."""
    result = CliRunner().invoke(venvault, ["compile", *map(str, arguments)])
    assert result.exception is None or isinstance(result.exception, SystemExit)
    return result


def locks_in(folder: Path) -> list[str]:
    """Everything that was written there."""
    return sorted(path.name for path in folder.iterdir() if path.name != "manifest.toml")


@pytest.mark.usefixtures("server")
@pytest.mark.parametrize("argument", ["manifest.toml", "."])
def test_locks_are_written_beside_the_manifest(folder: Path, argument: str) -> None:
    """Named by file or by folder, a manifest gets one lock for each target beside it, and talk goes to stderr."""
    result = run(folder / argument)

    assert result.exit_code == 0
    assert locks_in(folder) == ALL
    assert result.stdout.splitlines()[:3] == [
        f"{folder / ALL[0]}: 2 packages, 0.0 MB",
        "  left out extra: absent: wheels of it, found no such project",
        "  dropped a -> cut: too big",
    ]
    assert len(result.stdout.splitlines()) == 3 * len(ALL)
    told = [f"resolving {name[7:-5]} ({number} of {len(ALL)})" for number, name in enumerate(ALL, 1)]
    assert result.stderr.splitlines() == [*told, f"locking: {len(ALL)} locks"]


@pytest.mark.usefixtures("server")
def test_manifest_of_the_current_folder_is_the_default(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without an argument, `manifest.toml` here is compiled to here."""
    monkeypatch.chdir(folder)

    assert run().exit_code == 0
    assert locks_in(folder) == ALL


@pytest.mark.usefixtures("server")
def test_out_names_another_folder(folder: Path) -> None:
    """With --out the locks go there, the folder is made, and nothing is written beside the manifest."""
    assert run(folder, "--out", folder / "new" / "out").exit_code == 0

    assert locks_in(folder) == ["new"]
    assert locks_in(folder / "new" / "out") == ALL


@pytest.mark.usefixtures("server")
@pytest.mark.parametrize(
    ("options", "wanted"),
    [
        pytest.param(["--variant", "cu124"], "cu124-", id="variant"),
        pytest.param(["--platform", "windows-x86_64"], "-windows-x86_64-", id="platform"),
        pytest.param(["--python", "3.12"], "-py312.", id="python"),
        pytest.param(
            ["--variant", "cpu", "--platform", "linux-x86_64", "--python", "3.11"], "cpu-linux-x86_64-py311", id="all"
        ),
        pytest.param(["--python", "3.12", "--python", "3.11"], "pylock.", id="repeated"),
    ],
)
def test_options_narrow_the_matrix(folder: Path, options: list[str], wanted: str) -> None:
    """Only targets that every given option allows are compiled."""
    assert run(folder, *options).exit_code == 0

    assert locks_in(folder) == [name for name in ALL if wanted in name]


def test_narrowed_run_leaves_the_other_locks_alone(folder: Path, server: IndexServer) -> None:
    """With a newer release there, only the lock that was asked for moves; the others keep their bytes."""
    assert run(folder).exit_code == 0
    before = {name: (folder / name).read_bytes() for name in ALL}
    server.add(make_wheel("a", "2.0"))

    assert run(folder, "--variant", "cpu", "--python", "3.12", "--upgrade", "--refresh").exit_code == 0

    moved = [name for name in ALL if (folder / name).read_bytes() != before[name]]
    assert moved == [name for name in ALL if name.startswith("pylock.cpu-") and "py312" in name]


@pytest.mark.usefixtures("server")
def test_unknown_values_are_all_listed(folder: Path) -> None:
    """A value that the manifest does not have is refused with those it has; all of them at once."""
    result = run(folder, "--variant", "cu999", "--python", "3.13", "--platform", "beos", "--variant", "cpu", "--json")

    assert result.exit_code == 2
    assert [
        (problem["code"], problem["where"], problem["expected"], problem["found"])
        for problem in result_of(result.stdout)["problems"]
    ] == [
        ("not-in-manifest", "--variant", "one of cpu, cu124", "'cu999'"),
        ("not-in-manifest", "--platform", "one of linux-x86_64, windows-x86_64", "'beos'"),
        ("not-in-manifest", "--python", "one of 3.11, 3.12", "'3.13'"),
    ]
    assert locks_in(folder) == []


@pytest.mark.usefixtures("server")
def test_json_tells_what_was_written(folder: Path) -> None:
    """The result on standard output: paths, targets, sizes, and what was left out."""
    result = run(folder, "--json", "--variant", "cpu", "--platform", "linux-x86_64", "--python", "3.11")
    (name,) = locks_in(folder)
    size = make_wheel("a", "1.0", requires=["b", "cut"]).size_bytes + make_wheel("b", "2.0").size_bytes

    assert result_of(result.stdout) == {
        "ok": True,
        "locks": [
            {
                "path": str(folder / name),
                "target": "cpu-linux-x86_64-py311",
                "packages": 2,
                "size_bytes": size,
                "left_out": [
                    {
                        "group": "extra",
                        "reason": "absent: wheels of it, found no such project",
                    }
                ],
            }
        ],
    }


@pytest.mark.usefixtures("server")
def test_written_lock_is_a_lock(folder: Path) -> None:
    """What was written is read by the stages that follow."""
    run(folder)
    lock = read_lock((folder / ALL[0]).read_bytes(), document=ALL[0])

    assert (lock.filename, lock.stack) == (ALL[0], "demo")


def test_failure_writes_no_lock_and_keeps_the_old_ones(folder: Path, server: IndexServer) -> None:
    """If a single target fails, exit 1, the problem on stderr, and every lock as it was."""
    (folder / ALL[0]).write_text("the old one", "utf-8")
    text = MANIFEST.replace('["a"]', '["a", "torchao; sys_platform == \'win32\'"]')
    (folder / "manifest.toml").write_text(text, "utf-8")

    result = run(folder, "--variant", "cpu", "--python", "3.11")

    assert result.exit_code == 1
    assert result.stdout == ""
    assert result.stderr.splitlines() == [
        "resolving cpu-linux-x86_64-py311 (1 of 2)",
        "resolving cpu-windows-x86_64-py311 (2 of 2)",
        "explaining",
        "looking for ways round the blacklist",
        "error[blacklisted-package] cpu-windows-x86_64-py311",
        "  expected: no torchao (no)",
        '  found:    torchao; sys_platform == "win32" (manifest) -> torchao 1.0',
        "  do:       do without the chain's first package, hold it at an older release, or cut the edge with [[drop]]",
        "way out 1, tried and found to work: do without 'torchao; sys_platform == \"win32\"'",
        "  price:    goes: torchao",
    ]
    assert locks_in(folder) == [ALL[0]]
    assert (folder / ALL[0]).read_text("utf-8") == "the old one"
    assert server.requests


@pytest.mark.parametrize(
    ("name", "content", "found"),
    [
        pytest.param("absent.toml", None, "No such file or directory", id="absent"),
        pytest.param("manifest.toml", b"\xff\xfe", "bytes that are no UTF-8 (invalid start byte)", id="no text"),
    ],
)
def test_unreadable_manifest_is_a_problem(tmp_path: Path, name: str, content: bytes | None, found: str) -> None:
    """A manifest that is not there, or no text, is named with its path and what to do."""
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)

    result = run(path, "--json")

    assert result.exit_code == 1
    assert result_of(result.stdout) == {
        "ok": False,
        "problems": [
            {
                "code": "manifest-unreadable",
                "where": str(path),
                "expected": "a manifest",
                "found": found,
                "hint": "name the manifest, or go to the folder that holds manifest.toml",
            }
        ],
        "notes": [],
    }


@pytest.mark.usefixtures("server")
def test_byte_order_mark_is_no_part_of_a_manifest(folder: Path) -> None:
    """Editors of Windows put one first: the locks are the same, and follow."""
    assert run(folder).exit_code == 0
    before = {name: (folder / name).read_bytes() for name in locks_in(folder)}
    manifest = folder / "manifest.toml"
    manifest.write_bytes(BOM_UTF8 + manifest.read_bytes())

    assert run(folder).exit_code == 0
    assert {name: (folder / name).read_bytes() for name in locks_in(folder)} == before
    assert run(folder, "--check").exit_code == 0


def test_folder_without_a_manifest_is_named_with_the_file_it_lacks(tmp_path: Path) -> None:
    """For a folder the problem names the manifest that was looked for in it."""
    result = run(tmp_path)

    assert result.exit_code == 1
    assert result.stderr.startswith(f"error[manifest-unreadable] {tmp_path / 'manifest.toml'}\n")


def test_wrong_manifest_is_refused_with_its_path_and_every_fault(tmp_path: Path) -> None:
    """Faults are told with the file's own path; nothing is asked of any index."""
    path = tmp_path / "mine.toml"
    path.write_text("[stack]\nname = 'x'\nversion = 1\n", "utf-8")

    result = run(path, "--json")

    assert result.exit_code == 1
    assert [problem["where"] for problem in result_of(result.stdout)["problems"]] == [
        f"{path}: {key}" for key in ("variants", "stack.version", "stack.python", "stack.platforms")
    ]


def test_targets_that_cannot_exist_are_told_before_any_is_resolved(folder: Path, server: IndexServer) -> None:
    """Exit 1 with what exists and what would do, for the chosen targets alone; nothing is resolved or asked."""
    text = MANIFEST.replace("[variants.cu124]", "[variants.cu124]\nrequirements = ['torch==2.7.1']")
    (folder / "manifest.toml").write_text(text, "utf-8")

    result = run(folder, "--platform", "linux-x86_64")

    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.splitlines() == [
        "error[target-impossible] cu124-linux-x86_64-py311, cu124-linux-x86_64-py312",
        "  expected: cu124 for torch 2.4.0 to 2.6.0 on linux-x86_64, windows-x86_64; 2.4.0 to 2.5.1 on linux-aarch64",
        "  found:    torch==2.7.1 in [variants.cu124]",
        "  because:  RELEASE.md and build scripts of pytorch/pytorch and pytorch/builder say so (2026-11-23)",
        "  do:       take torch 2.6.0, or take variant cu126",
    ]
    assert server.requests == []
    assert run(folder, "--variant", "cpu").exit_code == 0


@pytest.mark.usefixtures("server")
def test_out_that_is_a_file_is_refused(folder: Path) -> None:
    """A file where the folder should be ends in a problem, and the file is as it was."""
    occupied = folder / "occupied"
    occupied.write_text("mine", "utf-8")

    assert run(folder, "--out", occupied).exit_code in (1, 2)
    assert run(folder, "--out", occupied / "below").exit_code == 1
    assert occupied.read_text("utf-8") == "mine"


@pytest.mark.parametrize("arguments", [["--nonsense"], ["one.toml", "two.toml"], ["--variant"]])
def test_wrong_usage_ends_with_two(arguments: list[str]) -> None:
    """What click refuses is wrong usage: exit code 2, nothing on standard output."""
    result = run(*arguments)

    assert (result.exit_code, result.stdout) == (2, "")
    assert "Error: " in result.stderr


def test_index_that_is_down_is_a_problem(folder: Path, server: IndexServer) -> None:
    """An index that answers nonsense ends in exit 1 with its address."""
    server.add_raw_page("/simple/a/", b"{", "application/json")

    result = run(folder, "--json")

    (problem,) = result_of(result.stdout)["problems"]
    assert result.exit_code == 1
    assert (problem["code"], problem["where"]) == ("index-unavailable", f"{server.simple_url}/a/")


def test_all_commands_are_listed_and_unknown_ones_refused() -> None:
    """The group knows its stages by name, and no other."""
    listed = CliRunner().invoke(venvault, ["--help"])
    unknown = CliRunner().invoke(venvault, ["unpack"])

    assert listed.exit_code == 0
    assert [line.split()[0] for line in listed.stdout.partition("Commands:\n")[2].splitlines() if line] == [
        "init",
        "compile",
        "why",
        "diff",
        "bundle",
        "store",
        "inspect",
        "apply",
        "detect",
        "verify",
        "rollback",
        "explain",
        "completion",
    ]
    assert (unknown.exit_code, "No such command 'unpack'" in unknown.stderr) == (2, True)
