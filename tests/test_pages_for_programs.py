"""What the pages tell programs: the functions to call, and the events to read."""

import ast
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from locks import Target
from locks.progress import Progress, Reporter
from locks.showing.events import EventReporter

from compiler.cli import venvault
from tests.bundles import running_target
from tests.events import result_of
from tests.index_server import IndexServer
from tests.reporters import Clock
from tests.test_architecture import ROOT, modules
from tests.test_pages import BOUND_S, blocks, run
from tests.wheels import make_wheel


def demo_manifest(target: Target) -> str:
    """A manifest that wants one package for one target."""
    return f"""
        [stack]
        name = "demo"
        version = "1"
        python = ["{target.python}"]
        platforms = ["{target.platform.name}"]
        requirements = ["demo"]
        [variants.cpu]
    """


def test_a_program_can_compile_and_bundle(tmp_path: Path) -> None:
    """The builder of the page makes a bundle that is applied; and says what is wrong when something is."""
    (program,) = [block["text"] for block in blocks(ROOT / "bundler" / "README.md") if block["kind"] == "python"]
    (tmp_path / "builder.py").write_text(program, "utf-8")
    target = running_target()
    (tmp_path / "manifest.toml").write_text(demo_manifest(target), "utf-8")
    with IndexServer() as server:
        environ = {**os.environ, "PYTHONPATH": str(ROOT), "PIP_INDEX_URL": server.simple_url}

        def build() -> "subprocess.CompletedProcess[str]":
            return subprocess.run(
                [sys.executable, "builder.py"],
                cwd=tmp_path,
                env=environ,
                capture_output=True,
                encoding="utf-8",
                timeout=BOUND_S,
                check=False,
            )

        refused = build()
        server.add(make_wheel("demo", "1.0"))
        built = build()

    bundle = tmp_path / f"{target}.zip"
    assert (refused.returncode, refused.stdout.splitlines()[-1].split()[0]) == (1, "unknown-package")
    assert built.stdout.splitlines()[0] == f"resolving {target} (1 of 1)", built.stderr
    assert built.stdout.splitlines()[-1] == f"{bundle.name} {bundle.stat().st_size}"
    assert run(tmp_path, bundle.name, "--yes").returncode == 0


def test_the_page_has_what_a_result_has(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each command that is watched, run from the manifest to the way back."""
    target = running_target()
    (tmp_path / "manifest.toml").write_text(demo_manifest(target), "utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("VENVAULT_STORE", str(tmp_path / "store"))
    lines = {
        "compile": ["compile"],
        "bundle": ["bundle", "--output", "b.zip"],
        "apply --check": ["apply", "b.zip", "--check"],
        "apply": ["apply", "b.zip"],
        "verify": ["verify"],
        "again": ["apply", "b.zip", "--force", "--yes"],
        "rollback": ["rollback"],
    }
    with IndexServer() as server:
        server.add(make_wheel("demo", "1.0"))
        monkeypatch.setenv("PIP_INDEX_URL", server.simple_url)
        found = {
            name: result_of(CliRunner().invoke(venvault, [*words, "--json"]).stdout) for name, words in lines.items()
        }
    text = (ROOT / "applier" / "README.md").read_text("utf-8").partition("| result of |")[2].partition("\n\n")[0]
    told = {
        name: set(re.findall(r"`([\w-]+)`", rest)) for name, rest in re.findall(r"(?m)^\| `(.+?)`.*? \| (.*) \|$", text)
    }

    assert all(result["ok"] for result in found.values()), found
    assert told["compile"] == {"locks", *found["compile"]["locks"][0]}
    assert told["bundle"] == {"bundles", *found["bundle"]["bundles"][0]}
    for name in ("apply --check", "apply", "verify"):
        assert told[name] == found[name].keys() - {"ok"}
    assert found["rollback"].keys() == found["apply"].keys()


def rows(page: Path, head: str) -> dict[str, list[str]]:
    """The rows of the table with that head: what stands in code in the first column -> the other columns."""
    table = page.read_text("utf-8").partition(f"\n| {head} |")[2].partition("\n\n")[0].splitlines()[2:]
    cells = [[cell.strip() for cell in row.strip("|").split("|")] for row in table]
    return {name: rest for first, *rest in cells for name in re.findall(r"`(\w[\w-]*)`", first)}


def phases() -> dict[str, set[str]]:
    """Every phase that the code tells of, with what is counted."""
    found: dict[str, set[str]] = {}
    for path in modules():
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if not isinstance(node, ast.Call) or ast.unparse(node.func) not in ("phase", "self._watched"):
                continue
            words = [arg.value for arg in node.args if isinstance(arg, ast.Constant) and isinstance(arg.value, str)]
            given = {item.arg: item.value for item in node.keywords}
            unit = given.get("unit")
            counts = {unit.value} if isinstance(unit, ast.Constant) else set()
            counts |= {"bytes"} if "total_bytes" in given else set()
            counts |= {"answers", "bytes"} if ast.unparse(node.func) == "self._watched" else set()
            for name in words[:1]:
                found.setdefault(name, set()).update(map(str, counts))
    return found


def test_the_page_has_every_phase_and_what_it_counts() -> None:
    """A program can rely on the names."""
    table = rows(ROOT / "applier" / "README.md", "phase | of | counts")
    told = {
        name: set(re.findall(r"bytes|files|wheels|checks|locks|answers", counts)) for name, (_, counts) in table.items()
    }

    assert told == phases()


def test_the_page_has_every_hook() -> None:
    """Whoever writes a reporter finds what it may hear."""
    text = (ROOT / "applier" / "README.md").read_text("utf-8")

    assert {name for name in vars(Reporter) if name[0] != "_" and f"`{name}`" not in text} == set()


def test_the_page_has_every_event_and_all_that_comes_with_it() -> None:
    """What a program reads stands there, and nothing else."""
    page = ROOT / "applier" / "README.md"
    table, keys = rows(page, "event | when | with it come"), set(rows(page, "of the phase | is"))
    written: list[str] = []
    reporter = EventReporter(written.append, Clock())
    reporter.pace_s = 0
    state = Progress(phase="syncing")
    reporter.started(state)
    reporter.advanced(state)
    reporter.finished(state)
    reporter.stopped(state)
    reporter.noted("")
    reporter.warned("")
    events = [json.loads(line) for line in written]

    assert [*(event["event"] for event in events), "result"] == list(table)
    of_phase = keys - {"left_s", "seconds"}
    for event in events:
        told = table[event["event"]][1]
        expected = {"event", *re.findall(r"`(\w+)`", told), *(of_phase if "the phase" in told else ())}
        assert event.keys() == expected
