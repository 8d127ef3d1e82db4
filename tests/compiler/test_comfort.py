"""What is taken when nothing is named, and what the shell is given."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from click.testing import CliRunner

from locks import Problem
from locks.cli import problem_lines

from bundler.choose import default_place
from compiler.cli import venvault
from compiler.errors import ManifestError
from compiler.run import find_manifest


def put(*paths: Path) -> None:
    """Make files of those names."""
    for path in paths:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()


def test_the_manifest_here_comes_first(tmp_path: Path) -> None:
    """Neither the folder above nor `locks/stacks` counts where a manifest lies."""
    put(tmp_path / "manifest.toml", tmp_path / "in/manifest.toml", tmp_path / "in/locks/stacks/a/manifest.toml")

    assert find_manifest(tmp_path / "in") == tmp_path / "in/manifest.toml"


def test_then_the_nearest_above(tmp_path: Path) -> None:
    """From anywhere below the manifest it is found, before `locks/stacks` is looked at."""
    put(tmp_path / "manifest.toml", tmp_path / "in/deep/locks/stacks/a/manifest.toml")

    assert find_manifest(tmp_path / "in/deep") == tmp_path / "manifest.toml"


def test_then_the_only_stack(tmp_path: Path) -> None:
    """A repository of one stack needs no name; of two, both are named."""
    put(tmp_path / "locks/stacks/a/manifest.toml")

    assert find_manifest(tmp_path) == tmp_path / "locks/stacks/a/manifest.toml"

    put(tmp_path / "locks/stacks/b/manifest.toml")
    with pytest.raises(ManifestError) as raised:
        find_manifest(tmp_path)

    (problem,) = raised.value.problems
    assert problem.code == "manifest-not-chosen"
    assert problem.found == f"{tmp_path / 'locks/stacks/a'}, {tmp_path / 'locks/stacks/b'}"


def test_no_manifest_near_is_no_traceback(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who starts `compile` in an empty folder is told how to begin."""
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(venvault, ["compile"])

    assert result.exit_code == 1
    assert "error[manifest-not-chosen]" in result.stderr
    assert "start one with `venvault init`" in result.stderr


def test_bundle_looks_where_compile_writes(tmp_path: Path) -> None:
    """Locks here come first, then those beside the manifest that compile would take, then nothing is guessed."""
    put(tmp_path / "locks/stacks/a/manifest.toml", tmp_path / "mine/pylock.cpu-linux-x86_64-py311.toml")

    assert default_place(tmp_path) == tmp_path / "locks/stacks/a"
    assert default_place(tmp_path / "mine") == tmp_path / "mine"
    assert default_place(tmp_path / "locks") == tmp_path / "locks"


@pytest.mark.parametrize(
    ("shell", "words"),
    [
        ("bash", "complete -o nosort -F _venvault_completion venvault"),
        ("zsh", "#compdef venvault"),
        ("fish", "complete --no-files --command venvault"),
        ("powershell", "Register-ArgumentCompleter -Native -CommandName venvault"),
    ],
)
def test_completion_scripts(shell: str, words: str) -> None:
    """Each shell's script registers venvault, and asks it through the one variable."""
    result = CliRunner().invoke(venvault, ["completion", shell])

    assert result.exit_code == 0
    assert words in result.stdout
    assert "_VENVAULT_COMPLETE" in result.stdout


@pytest.mark.parametrize(
    ("words", "at", "found"),
    [("venvault com", 1, "plain,compile"), ("venvault compile --plat", 2, "plain,--platform")],
)
def test_completion_answers(words: str, at: int, found: str) -> None:
    """What the scripts ask is answered: commands and flags."""
    asked = {"COMP_WORDS": words, "COMP_CWORD": str(at), "_VENVAULT_COMPLETE": "bash_complete"}
    result = CliRunner().invoke(venvault, [], prog_name="venvault", env=asked)

    assert found in result.stdout.splitlines()


def test_bash_takes_the_script(tmp_path: Path) -> None:
    """Bash reads the script without a complaint."""
    bash = shutil.which("bash")
    if os.name == "nt" or bash is None:
        pytest.skip("no bash")
    script = tmp_path / "completion.bash"
    script.write_text(CliRunner().invoke(venvault, ["completion", "bash"]).stdout, "utf-8")

    subprocess.run([bash, "-n", script], check=True)


def test_version_tells_tool_formats_and_python() -> None:
    """What a bug report needs, three lines."""
    tool, formats, python = CliRunner().invoke(venvault, ["--version"]).stdout.splitlines()

    assert tool.startswith("venvault ")
    assert formats == "formats: lock 1, bundle 1, receipt 1"
    assert python.startswith("Python 3.")


def test_no_color_is_heeded(monkeypatch: pytest.MonkeyPatch) -> None:
    """A set NO_COLOR takes the colours away, an empty one does not."""
    problem = Problem(code="a-b", where="c", expected="d", found="e")
    monkeypatch.delenv("NO_COLOR", raising=False)
    coloured = problem_lines(problem)[0]
    monkeypatch.setenv("NO_COLOR", "")

    assert problem_lines(problem)[0] == coloured == "\x1b[31m\x1b[1merror\x1b[0m[a-b] c"

    monkeypatch.setenv("NO_COLOR", "1")

    assert problem_lines(problem)[0] == "error[a-b] c"


MEANT = [
    ("compil", "compile"),
    ("verfy", "verify"),
    ("bundel", "bundle"),
    ("install", "apply"),
    ("lock", "compile"),
    ("check", "verify"),
]


@pytest.mark.parametrize(("typed", "meant"), MEANT)
def test_a_misspelt_command_is_told_with_the_nearest(typed: str, meant: str) -> None:
    """It is wrong usage, and says what may have been meant."""
    result = CliRunner().invoke(venvault, [typed])

    assert result.exit_code == 2
    assert f"No such command '{typed}'. Did you mean '{meant}'?" in result.stderr


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("compile folder", "name the manifest, or go to the folder that holds manifest.toml"),
        ("compile file", "error[manifest-invalid] file"),
        ("bundle", "do:       compile first, or name the folder that has the locks"),
        ("bundle file", "error[lock-invalid] file"),
        ("compile requirements.txt", "do:       `venvault init requirements.txt` makes a manifest of requirements"),
        ("bundle manifest", "do:       compile it first: `venvault compile MANIFEST`"),
        (
            "compile lock",
            "do:       name the manifest that it comes from; `venvault bundle LOCK` makes a bundle of a lock",
        ),
        ("compile --check lock", "found:    a lock, which is no manifest"),
        ("apply lock", "do:       bundle it first: `venvault bundle LOCK`"),
        ("inspect lock", "do:       bundle it first: `venvault bundle LOCK`"),
        ("inspect manifest", "do:       compile it first: `venvault compile MANIFEST`; then `venvault bundle`"),
        ("store list --store nowhere", "Directory 'nowhere' does not exist"),
        ("store verify --store nowhere", "Directory 'nowhere' does not exist"),
        ("store prune --store nowhere", "Directory 'nowhere' does not exist"),
        ("bundle nowhere", "Path 'nowhere' does not exist"),
        ("apply", "do:       name the bundle, or the folder that it was copied to"),
        ("apply file", "error[not-a-bundle] file"),
        ("apply nowhere", "Path 'nowhere' does not exist"),
        ("verify", "do:       name the environment's folder, or apply a bundle first"),
        ("rollback folder", "do:       apply the bundle of the environment you want"),
        ("inspect folder", "File 'folder' is a directory"),
        ("why", "Missing argument 'NAME'"),
        ("why torch", "do:       name the folder that venvault compile wrote to"),
        ("init folder", "do:       name one of these files in it"),
        ("completion ksh", "'ksh' is not one of 'bash', 'zsh', 'fish', 'powershell'"),
        ("compile --variant", "Option '--variant' requires an argument"),
        ("store list --store", "Try 'venvault store list --help' for help."),
        ("compile --refresh --offline", "--refresh and --offline exclude each other"),
    ],
)
def test_a_newcomers_first_tries(words: str, told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Wrong files, folders where files belong, nothing at all: each is told, with what to do, and no traceback."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").write_text("hello\n", "utf-8")
    (tmp_path / "requirements.txt").write_text("torch\n", "utf-8")
    (tmp_path / "manifest").write_text('[stack]\nname = "demo"\n', "utf-8")
    (tmp_path / "lock").write_text('lock-version = "1.0"\n', "utf-8")
    (tmp_path / "folder").mkdir()
    before = sorted(tmp_path.iterdir())
    result = CliRunner().invoke(venvault, words.split())

    assert result.exit_code in (1, 2, 3)
    assert isinstance(result.exception, SystemExit)
    assert told in result.stderr
    assert sorted(tmp_path.iterdir()) == before
