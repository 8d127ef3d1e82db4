"""The pages keep their word: commands run, flags exist, every key is described, help is what `--help` prints."""

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from locks.table import Table

import applier
import bundler
import compiler
from applier.entry import commands_of_bundle
from compiler import read_manifest
from compiler.cli import venvault
from tests.bundles import make_bundle
from tests.pages import PAGES, with_help
from tests.test_architecture import ROOT, name_of

BOUND_S = 60
_BLOCK = re.compile(r"(?m)^(?:<!-- (?P<mark>[^\n]*) -->\n)?```(?P<kind>\w*)\n(?P<text>.*?)^```$", re.DOTALL)
_COMMANDS = {"sh", "console", "powershell", "bat", "dockerfile", "yaml"}
_OURS = re.compile(r"venvault (?=[a-z-])|(?:python[\d.]*|py -[\d.]+) \S*(?:bundle-[\w-]+\.zip|apply\.pyz)")


def blocks(page: Path) -> list[re.Match[str]]:
    """Every fenced block of a page, with the mark above it."""
    return list(_BLOCK.finditer(page.read_text("utf-8")))


def command_lines(page: Path) -> Iterator[str]:
    """Every line of a block that starts venvault or a bundle."""
    for block in blocks(page):
        if not (block["mark"] or "").startswith("help:"):
            for line in block["text"].replace("\\\n", " ").splitlines():
                is_command = line.startswith("$ ") or block["kind"] in _COMMANDS
                if is_command and (found := _OURS.search(line)):
                    yield line[found.start() :].partition("&&")[0].strip()


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_help_in_the_pages_is_what_help_prints(page: Path) -> None:
    """Each block of help is as the command prints it: `python -m tests.pages` brings them up to date."""
    text = page.read_text("utf-8")

    assert "<!-- help: " in text
    assert with_help(text) == text


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_command_runs_here_or_says_that_it_does_not(page: Path) -> None:
    """Blocks of commands are README's two, run by CI; `console`, run below; or marked with the reason."""
    for block in blocks(page):
        is_command = block["kind"] in _COMMANDS or "\n$ " in f"\n{block['text']}"
        if is_command and not (block["mark"] or "").startswith("not run here: "):
            allowed = {"sh"} if page == ROOT / "README.md" else {"console"}
            assert block["kind"] in allowed, block["text"]


def test_the_two_commands_are_first() -> None:
    """CI takes the README's `sh` blocks by their place: one that runs the tool, one that runs the tests."""
    first, second = [block["text"] for block in blocks(ROOT / "README.md") if block["kind"] == "sh"]

    assert first.count("venvault ") == 4
    assert second.endswith("&& pytest\n")


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_command_and_flag_in_the_pages_exists(page: Path) -> None:
    """A page names no command that is gone, and no flag that never was."""
    lines = list(command_lines(page))

    assert lines
    for line in lines:
        words = shlex.split(line, posix=False)
        group: click.Command = venvault if words[0] == "venvault" else commands_of_bundle("")
        at = (
            1
            if words[0] == "venvault"
            else next(i for i, word in enumerate(words) if word.endswith((".zip", ".pyz"))) + 1
        )
        rest = words[at:]
        while isinstance(group, click.Group):
            context = click.Context(group)
            named = group.get_command(context, rest[0]) if rest else None
            assert named or words[0] != "venvault" or rest[0].startswith("-"), line
            if named is None and words[0] == "venvault":
                break
            group, rest = (named, rest[1:]) if named else (group.get_command(context, "apply") or group, rest)
        flags = {name for parameter in group.params for name in parameter.opts} | {"--help", "--version"}
        assert {word for word in rest if word.startswith("-")} <= flags, line


def asked_keys(text: str, monkeypatch: pytest.MonkeyPatch) -> set[tuple[str, str]]:
    """The keys that the parser asks for while it reads a manifest, each with its table."""
    asked = set[tuple[str, str]]()
    done = Table.done

    def note(table: Table) -> None:
        path = re.sub(r"\[\d+\]$", "", table.path)
        path = re.sub(r"^(variants|optional)\..*", r"\1", path)
        asked.update((path, key) for key in table._asked)
        done(table)

    monkeypatch.setattr(Table, "done", note)
    read_manifest(text)
    return asked


def test_the_manifest_page_has_every_key(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the parser knows stands in the example, which parses, and in the table."""
    page = ROOT / "compiler" / "README.md"
    (example,) = [block["text"] for block in blocks(page) if block["kind"] == "toml"]
    table = " ".join(line for line in page.read_text("utf-8").splitlines() if line.startswith("|"))
    asked = asked_keys(example, monkeypatch)

    assert {path for path, _ in asked} >= {"stack", "variants", "optional", "drop", "age", "files", "check"}
    for path, key in asked:
        assert re.search(rf"(?m)^\[?\[?{key}\b|[{{,] ?{key} =|\[{key}[.\]]", example), (path, key)
        assert re.search(rf"[`\[ ]{key}[` .\]\n=]", table), (path, key)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a bundle in it, as an end user has it."""
    place = tmp_path_factory.mktemp("user")
    make_bundle(place / "bundle-cpu.zip")
    return place


def run(folder: Path, *words: str) -> "subprocess.CompletedProcess[str]":
    """Run this Python there, with nothing of ours on its path."""
    bare = getattr(sys, "_base_executable", sys.executable)
    needed = {name: os.environ[name] for name in ("SYSTEMROOT", "HOME", "PATH") if name in os.environ}
    command = [bare, "-S", *words]
    return subprocess.run(
        command, cwd=folder, env=needed, capture_output=True, encoding="utf-8", timeout=BOUND_S, check=False
    )


def test_what_the_end_user_is_told_to_type_works(folder: Path) -> None:
    """The console blocks of the end user's page, one after the other."""
    lines = [
        line.removeprefix("$ ")
        for block in blocks(ROOT / "applier" / "README.md")
        if block["kind"] == "console"
        for line in block["text"].splitlines()
    ]

    assert len(lines) == 6
    for line in lines:
        python, *words = line.split()
        assert python == "python"
        done = run(folder, *words)
        assert done.returncode == 0, done.stderr


def test_an_application_can_embed_apply(folder: Path) -> None:
    """The updater of the page installs with nothing but the bundle, then finds it in place, then says what is wrong."""
    (program,) = [block["text"] for block in blocks(ROOT / "applier" / "README.md") if block["kind"] == "python"]
    (folder / "updater.py").write_text(program, "utf-8")

    first, second = (run(folder, "updater.py", "bundle-cpu.zip", "embedded") for _ in range(2))
    (folder / "broken.zip").write_bytes((folder / "bundle-cpu.zip").read_bytes()[:-7])
    third = subprocess.run(
        [sys.executable, "updater.py", "broken.zip", "embedded"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )

    assert first.stdout.endswith("updated 2026.11\n"), first.stderr
    assert "\ninstalling 100% " in first.stdout
    assert second.stdout.endswith("already in place 2026.11\n"), second.stderr
    assert (third.returncode, third.stdout.splitlines()[-1].split()[0]) == (3, "bundle-damaged")


@pytest.mark.parametrize("package", [applier, bundler, compiler], ids=lambda it: it.__name__)
def test_public_names_can_be_imported_and_are_documented(package: object) -> None:
    """Whatever a package offers is there and says what it is."""
    for name in package.__all__:  # type: ignore[attr-defined]
        assert getattr(package, name).__doc__
    with pytest.raises(AttributeError):
        _ = package.nothing  # type: ignore[attr-defined]
