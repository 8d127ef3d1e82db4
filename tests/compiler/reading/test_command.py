"""`venvault why` and `venvault diff` on a command line: answers, or problems and the right exit code."""

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from compiler.cli import venvault
from compiler.write import write_locks
from tests.compiler.fakes import make_target
from tests.compiler.reading.locked import make_lock, make_wheel
from tests.compiler.reading.repository import Repository
from tests.events import result_of

OLD = make_lock(make_wheel("a", "1", requires=["b"]), make_wheel("b", "1"), requirements=["a"])
NEW = make_lock(make_wheel("a", "2", requires=["b"]), make_wheel("b", "1"), requirements=["a"])
CU124 = make_lock(make_wheel("a", "2"), requirements=["a"], target=make_target("cu124"))
CPU_NAME = "cpu-linux-x86_64-py311"


def run(*arguments: object) -> Result:
    """Run the command line; a traceback would be an exception other than the exit."""
    result = CliRunner().invoke(venvault, [*map(str, arguments)])
    assert result.exception is None or isinstance(result.exception, SystemExit)
    return result


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two folders of locks, "old" and "new"."""
    write_locks([OLD], tmp_path / "old")
    write_locks([NEW, CU124], tmp_path / "new")
    return tmp_path


def test_why_reads_locks_and_folders(folder: Path) -> None:
    """Locks are called by their targets, or by their files where two have the same target."""
    old, new = folder / "old" / OLD.filename, folder / "new" / NEW.filename

    assert run("why", "b", folder / "old").stdout == f"b 1 in {CPU_NAME}\n  a (manifest) -> a 1 requires 'b' -> b 1\n"
    assert run("why", "b", old, folder / "new").stdout.splitlines()[::2] == [
        f"b 1 in {old}",
        f"b 1 in {new}",
        f"not in {folder / 'new' / CU124.filename} (nearest: none)",
    ]


def test_why_looks_here_by_default(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a place it is the current folder; --json is for programs."""
    monkeypatch.chdir(folder / "old")

    result = run("why", "A", "--json")

    assert result.exit_code == 0
    assert result_of(result.stdout)["present"][0]["locks"] == [CPU_NAME]


def test_why_not(folder: Path) -> None:
    """A package that is in no lock ends with 1; so does a place without locks, and a file that is none."""
    (folder / "old" / "pylock.broken.toml").write_text("broken", "utf-8")

    for arguments, code in [
        (("ab", folder / "new"), "not-in-lock"),
        (("a", folder), "no-locks"),
        (("a", folder / "old"), "lock-invalid"),
    ]:
        result = run("why", *arguments)
        assert result.exit_code == 1
        assert f"error[{code}]" in result.stderr
    assert run("why", "a", folder / "absent").exit_code == 2


def test_diff_of_two_folders(folder: Path) -> None:
    """Targets are paired; the answer is 0 whatever differs, unless --exit-code asks for more."""
    result = run("diff", folder / "old", folder / "new")

    assert result.exit_code == 0
    assert result.stdout.startswith("demo 1: 1 up\n")
    assert "a        up      1    2    1.00 MB" in result.stdout
    assert "target added: cu124-linux-x86_64-py311" in result.stdout
    assert run("diff", folder / "old", folder / "new", "--exit-code").exit_code == 1
    assert run("diff", folder / "new", folder / "new", "--exit-code").exit_code == 0


def test_diff_of_two_locks(folder: Path) -> None:
    """Two files are compared, whatever their targets."""
    result = run("diff", folder / "old" / OLD.filename, folder / "new" / CU124.filename)

    assert "cpu-linux-x86_64-py311 -> cu124-linux-x86_64-py311" in result.stdout


def test_diff_formats(folder: Path) -> None:
    """Text, Markdown and JSON; --json is --format json."""
    sides = ("diff", folder / "old", folder / "new")

    assert run(*sides, "--format", "markdown").stdout.startswith("**demo 1: 1 up**\n\n| target |")
    assert result_of(run(*sides, "--format", "json").stdout) == result_of(run(*sides, "--json").stdout)
    assert run(*sides, "--format", "html").exit_code == 2


def test_diff_of_revisions(repository: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two revisions, one and the files of now, HEAD and a place: each way finds the same move."""
    repository.commit(OLD, below="stack", tag="v1")
    repository.commit(NEW, below="stack", tag="v2")
    monkeypatch.chdir(repository.folder)
    expected = run("diff", "v1", "v2", "--in", "stack").stdout
    assert "demo 1: 1 up" in expected

    assert run("diff", "v1", "--in", "stack").stdout == expected
    assert run("diff", "v1", "stack").stdout == expected
    assert run("diff", "v1", f"stack/{NEW.filename}").stdout == expected
    assert run("diff", "stack", "v1").stdout != expected
    assert "no difference" in run("diff", "stack").stdout
    monkeypatch.chdir("stack")
    assert run("diff", "v1").stdout == run("diff", "v1", "HEAD").stdout == expected
    assert "no difference" in run("diff").stdout
    write_locks([OLD], Path())
    assert "1 down" in run("diff").stdout


def test_what_exists_is_a_path(repository: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    """A branch that is spelled like a folder is reached by its full name; a place for two paths is told."""
    repository.commit(OLD, below="stack", tag="v1")
    repository.git("branch", "stack")
    repository.commit(NEW, below="stack", tag="v2")
    monkeypatch.chdir(repository.folder)

    assert "1 up" in run("diff", "refs/heads/stack", "stack").stdout
    result = run("diff", "stack", "stack", "--in", "stack")
    assert result.exit_code == 1
    assert "error[place-not-used] --in stack" in result.stderr


@pytest.mark.parametrize("flag", ["--json", "--format=json", "--format json"])
def test_problems_of_a_diff_as_json(repository: Repository, monkeypatch: pytest.MonkeyPatch, flag: str) -> None:
    """Whoever asks for JSON gets it for problems too."""
    monkeypatch.chdir(repository.folder)

    result = run("diff", "v1", *flag.split())

    assert result.exit_code == 1
    assert [problem["code"] for problem in result_of(result.stdout)["problems"]] == ["revision-unknown"]
