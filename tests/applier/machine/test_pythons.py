"""Where Pythons are looked for, and what is believed of them."""

import json
import os
import sys
from pathlib import Path

import pytest

from applier.machine.python_places import patterns
from applier.machine.pythons import Python, ask_python, choose_python, find_pythons, places
from tests.bundles import running_target, target_on

TARGET = target_on("linux-x86_64", python="3.12")
RUNNING = "{}.{}.{}".format(*sys.version_info)
posix = pytest.mark.skipif(os.name == "nt", reason="the stand-ins are shell scripts")


def python(version: str = "3.12.1", **changes: object) -> Python:
    """An interpreter that would do for the target."""
    fields: dict[str, object] = {
        "path": Path("/p"),
        "kind": "PATH",
        "implementation": "cpython",
        "version": version,
        "machine": "x86_64",
        "has_venv": True,
    }
    return Python(**(fields | changes))  # type: ignore[arg-type]  # each row's values fit their fields


@pytest.mark.parametrize(
    ("found", "fits"),
    [
        pytest.param(python(), True, id="right"),
        pytest.param(python("3.1.2"), False, id="3.1 is not 3.12"),
        pytest.param(python("3.13.0"), False, id="another minor"),
        pytest.param(python(implementation="pypy"), False, id="PyPy"),
        pytest.param(python(implementation="free-threaded cpython"), False, id="free-threaded"),
        pytest.param(python(machine="aarch64"), False, id="another machine"),
        pytest.param(python(machine="32-bit"), False, id="32 bits"),
        pytest.param(python(has_venv=False), False, id="no venv"),
    ],
)
def test_only_the_very_kind_fits(found: Python, fits: bool) -> None:
    """Implementation, minor and machine must be the target's, and the module venv must be there."""
    assert found.fits(TARGET) is fits


def test_a_windows_machine_is_known_by_either_spelling() -> None:
    """AMD64 and amd64 are one."""
    target = target_on("windows-x86_64", python="3.12")

    assert python(machine="AMD64").fits(target)
    assert python(machine="amd64").fits(target)


POSIX = {
    "PATH": "/a/python3.12 /a/python3 /a/python /b/python3.12",
    "pyenv": "/h/.pyenv/versions/3.12*/bin/python",
    "uv": "/h/.local/share/uv/python/cpython-3.12*/bin/python",
    "conda": "/env/bin/python3.12 /h/miniforge3/bin/python3.12 /h/miniforge3/envs/*/bin/python3.12",
    "asdf, mise or rye": "/h/.asdf/installs/python/3.12*/bin/python /h/.rye/py/cpython@3.12*/bin/python3",
    "a usual folder": "/usr/bin/python3.12 /opt/homebrew/bin/python3.12",
}
WINDOWS = {
    "PATH": "C:/a/python.exe",
    "pyenv": "C:/h/.pyenv/pyenv-win/versions/3.12*/python.exe",
    "uv": "C:/roaming/uv/python/cpython-3.12*/python.exe",
    "conda": "C:/h/miniconda3/python.exe C:/h/miniconda3/envs/*/python.exe",
    "a usual folder": "C:/local/Programs/Python/Python312/python.exe C:/files/Python312/python.exe",
}


def patterns_of(minor: str, environ: dict[str, str], home: str, *, windows: bool) -> dict[str, set[str]]:
    """All patterns, by kind, with forward slashes."""
    found: dict[str, set[str]] = {}
    for kind, folder, pattern in patterns(minor, environ, Path(home), windows=windows):
        found.setdefault(kind, set()).add(f"{folder.as_posix().rstrip('/')}/{pattern}")
    return found


@pytest.mark.parametrize("kind", POSIX)
def test_where_pythons_are_on_posix(kind: str) -> None:
    """Every installer's folder is looked into, for the wanted minor alone."""
    found = patterns_of("3.12", {"PATH": "/a:/b", "CONDA_PREFIX": "/env"}, "/h", windows=False)

    assert set(POSIX[kind].split()) <= found[kind]


@pytest.mark.parametrize("kind", WINDOWS)
def test_where_pythons_are_on_windows(kind: str) -> None:
    """Windows has places of its own, told by its variables."""
    environ = {"PATH": "C:/a", "APPDATA": "C:/roaming", "LOCALAPPDATA": "C:/local", "PROGRAMFILES": "C:/files"}

    assert set(WINDOWS[kind].split()) <= patterns_of("3.12", environ, "C:/h", windows=True)[kind]


def test_variables_move_the_folders() -> None:
    """Who moved an installer's folder said so in its variable, and only that one is looked into."""
    environ = {"PYENV_ROOT": "/pyenv", "UV_PYTHON_INSTALL_DIR": "/uv", "XDG_DATA_HOME": "/data"}
    found = patterns_of("3.12", environ, "/h", windows=False)

    assert found["pyenv"] == {"/pyenv/versions/3.12*/bin/python"}
    assert found["uv"] == {"/uv/cpython-3.12*/bin/python"}
    assert "/data/mise/installs/python/3.12*/bin/python" in found["asdf, mise or rye"]


def put(path: Path, version: str, **answer: object) -> None:
    """Put a program there that answers like an interpreter of that version."""
    path.parent.mkdir(parents=True, exist_ok=True)
    told = {"implementation": "cpython", "version": version, "machine": "x86_64", "venv": True, "executable": str(path)}
    path.write_text(f"#!/bin/sh\necho '{json.dumps(told | answer)}'\n")
    path.chmod(0o755)


def found_below(folder: Path, **more: Path) -> list[str]:
    """What is found when only that folder is the user's, as paths below it."""
    environ = {"PATH": str(folder / "bin"), "CONDA_PREFIX": str(folder / "conda")}
    target = target_on("linux-x86_64", python="3.99")  # of which none is in the usual folders
    pythons = find_pythons(target, environ=environ, home=folder, not_below=more.get("not_below", folder / "none"))
    return [each.path.relative_to(folder).as_posix() for each in pythons]


@posix
def test_the_likeliest_comes_first_and_each_once(tmp_path: Path) -> None:
    """The path, then pyenv with its newest patch, then the others; a link and what it leads to are one."""
    put(tmp_path / "bin" / "python3.99", "3.99.0")
    (tmp_path / "bin" / "python3").symlink_to(tmp_path / "bin" / "python3.99")
    put(tmp_path / ".pyenv/versions/3.99.1/bin/python", "3.99.1")
    put(tmp_path / ".pyenv/versions/3.99.2/bin/python", "3.99.2")
    put(tmp_path / ".pyenv/versions/3.9.9/bin/python", "3.9.9")
    put(tmp_path / ".local/share/uv/python/cpython-3.99.3-linux/bin/python", "3.99.3")
    put(tmp_path / "conda/envs/demo/bin/python3.99", "3.99.4")

    assert found_below(tmp_path) == [
        "bin/python3.99",
        ".pyenv/versions/3.99.2/bin/python",
        ".pyenv/versions/3.99.1/bin/python",
        ".local/share/uv/python/cpython-3.99.3-linux/bin/python",
        "conda/envs/demo/bin/python3.99",
    ]


@posix
def test_a_circle_of_links_is_no_python(tmp_path: Path) -> None:
    """It is passed over like whatever else on the path does not start."""
    put(tmp_path / ".pyenv/versions/3.99.1/bin/python", "3.99.1")
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "python3.99").symlink_to("python3.99")

    assert found_below(tmp_path) == [".pyenv/versions/3.99.1/bin/python"]


@posix
def test_a_shim_is_what_it_starts(tmp_path: Path) -> None:
    """A script that starts another interpreter stands for that one, which is then not listed again."""
    real = tmp_path / ".pyenv/versions/3.99.1/bin/python"
    put(real, "3.99.1")
    put(tmp_path / "bin" / "python3.99", "3.99.1", executable=str(real))

    assert found_below(tmp_path) == [".pyenv/versions/3.99.1/bin/python"]


@posix
def test_the_environment_to_be_replaced_offers_no_python(tmp_path: Path) -> None:
    """Its interpreter goes with it, however it is reached."""
    put(tmp_path / "env/bin/python3.99", "3.99.0")
    put(tmp_path / "bin" / "python3.99", "3.99.0", executable=str(tmp_path / "env/bin/python3.99"))

    assert found_below(tmp_path, not_below=tmp_path / "env") == []


@posix
@pytest.mark.parametrize(
    ("script", "expected"),
    [
        pytest.param("[ $1 = -3.99 ] && echo C:/Python399/python.exe", ["C:/Python399/python.exe"], id="known"),
        pytest.param("echo 'No suitable Python runtime found'; exit 103", [], id="unknown"),
    ],
)
def test_windows_launcher_is_asked_first(
    script: str, expected: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`py` knows what installers registered; where it knows nothing the folders are all there is."""
    (tmp_path / "py").write_text(f"#!/bin/sh\n{script}\n")
    (tmp_path / "py").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setattr(sys, "platform", "win32")

    assert [path.as_posix() for kind, path in places("3.99", {}, tmp_path) if kind == "py launcher"] == expected


@posix
@pytest.mark.parametrize("script", ["exit 9", "echo no json", "echo '[]'", 'echo \'{"version": "3.99.0"}\''], ids=str)
def test_what_does_not_answer_as_a_python_is_none(script: str, tmp_path: Path) -> None:
    """A program that fails, like the stub that sends Windows users to a shop, is passed over."""
    program = tmp_path / "python"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)

    assert ask_python(program, "PATH") is None
    assert ask_python(tmp_path / "absent", "PATH") is None


def test_this_interpreter_knows_itself() -> None:
    """The question is answered by the running one as its own facts are."""
    found = ask_python(Path(sys.executable), "PATH")

    assert found is not None
    assert (found.path, found.version, found.has_venv) == (Path(sys.executable), RUNNING, True)
    assert found.fits(running_target())
    assert str(found) == f"cpython {RUNNING} at {sys.executable} (PATH)"


def test_the_first_that_fits_is_taken_and_the_rest_told() -> None:
    """Those before it that do not fit are kept for the report; nobody after it is asked."""
    old, right = python("3.11.2"), python()

    walk = iter([old, right, python("3.13.0")])

    assert choose_python(walk, TARGET) == (right, (old,))
    assert len(list(walk)) == 1
    assert choose_python([old], TARGET) == (None, (old,))
