"""The runner: what travels in every bundle, and nothing else."""

import ast
import sys
from importlib.metadata import version
from pathlib import Path

import pytest

import applier
from bundler.runner import Runner, collect_runner
from tests.bundles import target_on


@pytest.fixture(scope="module")
def runner() -> Runner:
    """The runner for Linux."""
    return collect_runner(target_on("linux-x86_64"))


def test_every_module_parses(runner: Runner) -> None:
    """Every `.py` is Python, and there is plenty of it."""
    modules = [name for name in runner.members if name.endswith(".py")]
    for name in modules:
        ast.parse(runner.members[name], filename=name)

    assert len(modules) > 50


def test_the_six_packages_are_there_whole(runner: Runner) -> None:
    """The applier and all it imports travel; our own modules byte for byte as they are here."""
    tops = {name.split("/")[1] for name in runner.members if name.startswith("runner/")}
    own = Path(applier.__file__).parent

    assert tops == {"applier", "locks", "click", "installer", "packaging", "pynvml.py", "licences"}
    for path in own.glob("*.py"):
        assert runner.members[f"runner/applier/{path.name}"] == path.read_bytes()


def test_everything_is_below_one_folder(runner: Runner) -> None:
    """Nothing of the runner can stand in for another member of the bundle."""
    assert {name.split("/")[0] for name in runner.members} == {"runner"}


def test_the_index_client_and_the_stacks_stay_at_home(runner: Runner) -> None:
    """What speaks to networks, and what only the release engineer needs, is left out."""
    assert not [name for name in runner.members if name.startswith(("runner/locks/index", "runner/locks/stacks"))]
    assert "runner/locks/pylock.py" in runner.members


def test_nothing_compiled_travels(runner: Runner) -> None:
    """Pure Python and the facts about CUDA: no extension modules, no bytecode, no launchers for Linux."""
    elsewhere = [name for name in runner.members if not name.endswith(".py") and "/licences/" not in name]

    assert elsewhere == ["runner/locks/codes/problems.toml", "runner/locks/cuda.json"]


@pytest.mark.parametrize(
    ("platform", "launchers"),
    [
        pytest.param("linux-x86_64", [], id="linux"),
        pytest.param("macos-arm64", [], id="macos"),
        pytest.param(
            "windows-x86_64",
            ["runner/installer/_scripts/t64.exe", "runner/installer/_scripts/w64.exe"],
            id="windows",
        ),
    ],
)
def test_launchers_travel_to_windows_alone(platform: str, launchers: list[str]) -> None:
    """Windows targets get the two launchers that installer needs there."""
    members = collect_runner(target_on(platform)).members

    assert [name for name in sorted(members) if name.endswith(".exe")] == launchers
    assert all(members[name].startswith(b"MZ") for name in launchers)


@pytest.mark.parametrize("name", ["click", "installer", "packaging"])
def test_licences_travel_with_what_is_borrowed(name: str, runner: Runner) -> None:
    """Every borrowed distribution brings its licence files."""
    licences = [data for path, data in runner.members.items() if path.startswith(f"runner/licences/{name}/")]

    assert licences
    assert all(licences)


def test_the_licence_of_pynvml_stands_in_its_module(runner: Runner) -> None:
    """nvidia-ml-py ships no licence file: its one module opens with the licence."""
    head = runner.members["runner/pynvml.py"][:2000].decode("utf-8")

    assert "NVIDIA Corporation.  All rights reserved." in head
    assert "Redistributions in binary form must reproduce the above copyright" in head


def test_versions_of_what_is_borrowed_are_known(runner: Runner) -> None:
    """`bundle.json` can say what the runner was made of."""
    names = ("click", "installer", "nvidia-ml-py", "packaging", "venvault")

    assert runner.versions == tuple((name, version(name)) for name in names)


def test_the_bar_stays_at_home(runner: Runner) -> None:
    """A bundle shows plain lines wherever it runs, also where a rich happens to be there."""
    assert "runner/locks/showing/lines.py" in runner.members
    assert not [name for name, data in runner.members.items() if b"import rich" in data or b"from rich" in data]


def test_the_runner_imports_nothing_but_itself(runner: Runner) -> None:
    """Whatever our modules import at their top is in the runner or in the standard library."""
    tops = {name.split("/")[1].removesuffix(".py") for name in runner.members} | set(sys.stdlib_module_names)
    for name, data in runner.members.items():
        if name.startswith(("runner/applier/", "runner/locks/")) and name.endswith(".py"):
            for node in ast.walk(ast.parse(data)):
                modules = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
                if isinstance(node, ast.ImportFrom) and not node.level:
                    modules.append(node.module or "")
                assert {module.split(".")[0] for module in modules} <= tops, name
