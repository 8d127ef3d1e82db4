"""`venvault init` on a command line: a manifest that compiles, or every problem and nothing written."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from compiler.cli import venvault
from compiler.manifest.parse import read_manifest
from tests.events import result_of
from tests.index_server import IndexServer
from tests.wheels import make_wheel

SAMPLE = Path(__file__).with_name("dependencies.json").read_text("utf-8")


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder the command runs in."""
    here = tmp_path / "My Stack"
    here.mkdir()
    monkeypatch.chdir(here)
    return here


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[IndexServer]:
    """An index with a CUDA 12.4 torch, which pip is configured for."""
    with IndexServer() as running:
        monkeypatch.setenv("PIP_INDEX_URL", running.simple_url)
        running.add(make_wheel("numpy", "1.26.4"))
        running.add(make_wheel("torch", "2.6.0", requires=["nvidia-cuda-runtime-cu12==12.4.127"]))
        running.add(make_wheel("nvidia-cuda-runtime-cu12", "12.4.127"))
        yield running


def run(*arguments: object, code: int = 0) -> Result:
    """Run the command line, which must end so; a traceback would be an exception other than the exit."""
    result = CliRunner().invoke(venvault, [*map(str, arguments)])
    assert result.exception is None or isinstance(result.exception, SystemExit)
    assert result.exit_code == code, result.stderr
    return result


def test_a_first_manifest_from_nothing() -> None:
    """Without a terminal nothing is asked: flags and proposals make a whole manifest, named after the folder."""
    result = run("init", "--requirement", "numpy>=1.26", "--variant", "cu124", "--variant", "cu124")
    manifest = read_manifest(Path("manifest.toml").read_text("utf-8"))

    assert result.stdout == "manifest.toml: my-stack for cu124: 1 requirement, 1 check\n"
    assert result.stderr == ""
    assert (manifest.stack, manifest.pythons) == ("my-stack", ("3.11",))
    assert [str(item) for item in manifest.variants[0].requirements] == [
        "torch==2.6.0",
        "torchvision==0.21.0",
        "torchaudio==2.6.0",
    ]
    assert os.listdir() == ["manifest.toml"]  # noqa: PTH208  # the folder it runs in


def test_a_manifest_that_is_there_is_not_replaced_unless_forced(folder: Path) -> None:
    """The refusal comes before anything is read; a folder to write to means its manifest.toml."""
    (folder / "manifest.toml").write_text("mine", "utf-8")

    refused = run("init", "absent.txt", "--out", folder, code=1)

    assert "error[manifest-exists]" in refused.stderr
    assert (folder / "manifest.toml").read_text("utf-8") == "mine"
    run("init", "--out", folder, "--force")
    assert (folder / "manifest.toml").read_text("utf-8").startswith("# A first manifest. It is yours to change;")


def test_a_place_that_cannot_be_written_is_told(folder: Path) -> None:
    """A file where a folder should be is a problem, and leaves no partial file behind."""
    (folder / "file").write_text("", "utf-8")

    result = run("init", "--out", "file/manifest.toml", code=1)

    assert "error[manifest-not-written]" in result.stderr
    assert [path.name for path in folder.iterdir()] == ["file"]


@pytest.mark.usefixtures("server")
def test_a_requirements_file_becomes_a_manifest_that_compiles(folder: Path) -> None:
    """From the file to locks, without an edit: torch's release names the variant, and the lock has its runtime."""
    (folder / "requirements.txt").write_text("-r base.in\ntorch==2.6.0  # the last of 12.4\n", "utf-8")
    (folder / "base.in").write_bytes("\ufeffnumpy<2\r\n".encode("utf-16-le"))

    made = run("init", "requirements.txt")
    compiled = run("compile")

    assert made.stdout == "manifest.toml: my-stack for cu124: 1 requirement, 1 check\n"
    assert compiled.stdout.startswith("pylock.cu124-linux-x86_64-py311.toml: 3 packages")


@pytest.mark.usefixtures("server")
def test_a_project_becomes_a_manifest_that_compiles(folder: Path) -> None:
    """Name, version and Pythons are the project's; the extra that was asked for is an optional group."""
    (folder / "pyproject.toml").write_text(
        "[project]\nname = 'Demo_Kit'\nversion = '3'\nrequires-python = '>=3.11,<3.13'\ndependencies = ['numpy']\n"
        "[project.optional-dependencies]\ngpu = ['torch']\n",
        "utf-8",
    )

    made = run("init", "pyproject.toml", "--extra", "gpu")
    compiled = run("compile")

    assert made.stdout.splitlines()[0] == "manifest.toml: demo_kit for cpu: 1 requirement, 1 optional group"
    assert [line.partition(":")[0] for line in compiled.stdout.splitlines()] == [
        "pylock.cpu-linux-x86_64-py311.toml",
        "pylock.cpu-linux-x86_64-py312.toml",
    ]


def test_the_old_installers_file_is_held_against_the_index(folder: Path, server: IndexServer) -> None:
    """Pins that their packages keep apart are told with both paths before any wheel is fetched; nothing is written."""
    server.add(make_wheel("peft", "0.13", requires=["numpy>=2"]))
    server.add(make_wheel("numpy", "2.1.0"))
    ours = json.loads(SAMPLE)
    ours["cuda_configs"] = {"cu124": {"packages": {"torch": "2.6.0"}}}
    (folder / "dependencies.json").write_text(json.dumps(ours), "utf-8")

    refused = run("init", "dependencies.json", code=1)

    assert refused.stderr.splitlines() == [
        "holding the pins against the index",
        (
            "error[pins-contradict] dependencies.json: core_dependencies[4].version and "
            "dependencies.json: core_dependencies[0].version"
        ),
        "  expected: a wheel of 'peft' that goes with 'numpy>=1.26,<2'",
        "  found:    none of 1: peft 0.13 requires 'numpy>=2'",
        "  do:       loosen one of them",
    ]
    assert not (folder / "manifest.toml").exists()
    assert all(request.path.startswith("/simple/") or request.range_header for request in server.requests)
    assert run("init", "dependencies.json", "--offline").stderr == ""


def test_an_index_that_cannot_be_had_stops_no_import(folder: Path, server: IndexServer) -> None:
    """What could not be looked at is noted, on the screen and in the manifest."""
    (folder / "dependencies.json").write_text(
        '{"format_version": "1.0", "core_dependencies": [{"name": "broken"}]}', "utf-8"
    )
    page = '<a href="broken-1-py3-none-any.whl">broken-1-py3-none-any.whl</a>'
    server.add_raw_page("/simple/broken/", page.encode(), "text/html")

    made = run("init", "dependencies.json")

    assert "  the pins were not held against the index: " in made.stdout
    assert "# the pins were not held against the index: " in (folder / "manifest.toml").read_text("utf-8")


def test_every_contradiction_is_told_and_nothing_written(folder: Path) -> None:
    """The file's own contradictions need no index: versions, blacklist, pairs and builds, all at once."""
    content = json.loads(SAMPLE)
    content["core_dependencies"] += [{"name": "numpy", "version": ">=2"}, {"name": "torchao", "version": ">=0.5"}]
    content["cuda_configs"]["cu124"]["packages"]["torchvision"] = "0.19.1+cu124"
    content["cuda_configs"]["cuda_12_1"]["packages"]["torch"] = "2.6.0+cu121"
    (folder / "dependencies.json").write_text(json.dumps(content), "utf-8")

    refused = result_of(run("init", "dependencies.json", "--json", code=1).stdout)

    assert refused["ok"] is False
    assert [(problem["code"], problem["where"]) for problem in refused["problems"]] == [
        (
            "pins-contradict",
            "dependencies.json: core_dependencies[0].version and dependencies.json: core_dependencies[5].version",
        ),
        (
            "pins-contradict",
            "dependencies.json: core_dependencies[6].version and dependencies.json: global_blacklist[0]",
        ),
        (
            "pins-contradict",
            (
                "dependencies.json: cuda_configs.cu124.packages.torch and "
                "dependencies.json: cuda_configs.cu124.packages.torchvision"
            ),
        ),
        ("pins-contradict", "dependencies.json: cuda_configs.cuda_12_1.packages.torch, variant cu121"),
    ]
    assert [path.name for path in folder.iterdir()] == ["dependencies.json"]


def test_json_is_for_programs(folder: Path) -> None:
    """The result names the file, the targets, and what was left out."""
    (folder / "requirements.in").write_text("numpy\n--pre\n", "utf-8")

    result = result_of(run("init", "requirements.in", "--json", "--out", "sub/m.toml", "--name", "other").stdout)

    assert result == {
        "ok": True,
        "path": str(Path("sub/m.toml")),
        "stack": "other",
        "targets": ["cpu-linux-x86_64-py311"],
        "requirements": ["numpy"],
        "notes": [
            "requirements.in: line 2: --pre is left out",
            "torch is not asked for, so the variant is cpu; --variant takes another, with its torch",
        ],
    }


@pytest.mark.parametrize(
    ("name", "content", "found"),
    [
        ("environment.yml", b"", "a name that ends in '.yml'"),
        ("Pipfile", b"", "a name that ends in ''"),
        ("folder", None, "a folder"),
        ("absent.txt", None, "No such file or directory"),
        ("absent.json", None, "No such file or directory"),
        ("pyproject.toml", b"\xff", "'utf-8' codec can't decode byte 0xff"),
        ("requirements.txt", b"\xff\xfe\x00", "truncated data"),
    ],
)
def test_what_is_none_of_the_sources_is_told(folder: Path, name: str, content: bytes | None, found: str) -> None:
    """An unknown kind, a folder, a file that is not there or is no text: one problem, no traceback."""
    if content is not None:
        (folder / name).write_bytes(content)
    elif name == "folder":
        (folder / name).mkdir()

    result = run("init", name, code=1)

    assert "error[source-invalid]" in result.stderr
    assert found in result.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ("--variant", "rocm"),
        ("--platform", "beos"),
        ("--python", "2.7"),
        ("--extra", "gpu"),
        ("requirements.txt", "--extra", "gpu"),
    ],
)
def test_flags_that_mean_nothing_are_wrong_usage(arguments: tuple[str, ...]) -> None:
    """Exit code 2, as for every command."""
    run("init", *arguments, code=2)


def test_a_name_that_is_none_is_told() -> None:
    """The stack's name goes into lock files, and is as strict as there."""
    result = run("init", "--name", "My Stack", code=1)

    assert "expected: lower-case letters, digits, '.', '_' and '-'" in result.stderr


def answer_at_a_terminal(*arguments: str, answers: bytes) -> tuple[str, str]:
    """Run the installed command with a person at it; give its standard output, and all the terminal shows."""
    ours, theirs = os.openpty()  # type: ignore[attr-defined, unused-ignore]  # typeshed has none for Windows
    command = [str(Path(sys.executable).with_name("venvault")), *arguments]
    with subprocess.Popen(command, stdin=theirs, stdout=subprocess.PIPE, stderr=theirs) as process:
        os.write(ours, answers)
        stdout, _ = process.communicate(timeout=60)
    shown = os.read(ours, 65_536)
    os.close(ours)
    os.close(theirs)
    return stdout.decode(), shown.decode()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no pseudo-terminals in the standard library")
def test_a_person_at_a_terminal_is_asked() -> None:
    """On a real terminal the questions come, a wrong answer is put again, and the manifest is what was answered."""
    answers = b"demo\nnumpy>=1.26\nnot one\n\nlinux-x86_64, macos-arm64\n3.12\n"

    stdout, shown = answer_at_a_terminal("init", "--variant", "cpu", answers=answers)

    assert stdout == "manifest.toml: demo for cpu: 1 requirement\n"
    assert "Error: expected a PEP 508 requirement" in shown
    assert "Variants" not in shown
    manifest = read_manifest(Path("manifest.toml").read_text("utf-8"))
    assert [target.name for _, target in manifest.targets()] == ["cpu-linux-x86_64-py312", "cpu-macos-arm64-py312"]
