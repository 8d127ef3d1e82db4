"""The environment's skeleton: built in one place, written for another, with nothing in it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from applier.environment.skeleton import create_environment, is_environment, judge_place, python_of
from applier.errors import ApplyRefused
from tests.bundles import running_target, target_on

SCRIPTS = "Scripts" if os.name == "nt" else "bin"


@pytest.fixture
def moved(tmp_path: Path) -> Path:
    """A skeleton that was built beside its place and then moved there."""
    staging, final = tmp_path / ".venv.new", tmp_path / ".venv"
    create_environment(staging, final=final)
    staging.rename(final)
    return final


def test_the_staging_place_is_written_nowhere(moved: Path) -> None:
    """No file of a moved environment names the place it was built at."""
    texts = [path.read_bytes() for path in moved.rglob("*") if path.is_file() and not path.is_symlink()]

    assert texts
    assert not [text for text in texts if b".venv.new" in text and text[:2] != b"MZ"]


def test_the_interpreter_starts_in_its_final_place(moved: Path) -> None:
    """The environment's Python is isolated, has neither pip nor setuptools, and knows where it is."""
    code = "import importlib.util as u, sys; print(sys.prefix); print(u.find_spec('pip'), u.find_spec('setuptools'))"
    done = subprocess.run([python_of(moved, running_target()), "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.splitlines() == [str(moved), "None None"]


@pytest.mark.skipif(os.name == "nt", reason="activates through a POSIX shell")
def test_activation_leads_to_the_final_place_with_the_usual_prompt(moved: Path) -> None:
    """After `activate` the environment's python is first on PATH and the prompt shows its name in brackets."""
    script = f'PS1="$ "; . "{moved}/bin/activate"; command -v python; echo "$VIRTUAL_ENV"; echo "$PS1"'
    done = subprocess.run(["sh", "-c", script], capture_output=True, text=True, check=True)

    assert done.stdout.splitlines() == [f"{moved}/bin/python", str(moved), "(.venv) $ "]


def test_a_skeleton_is_an_environment(moved: Path, tmp_path: Path) -> None:
    """A folder with `pyvenv.cfg` is one, any other is none."""
    assert is_environment(moved)
    assert not is_environment(tmp_path)


@pytest.mark.parametrize(
    ("platform", "expected"),
    [
        pytest.param("linux-x86_64", "bin/python", id="linux"),
        pytest.param("macos-arm64", "bin/python", id="macos"),
        pytest.param("windows-x86_64", "Scripts/python.exe", id="windows"),
    ],
)
def test_the_interpreter_lies_where_the_system_has_it(platform: str, expected: str) -> None:
    """`bin/python`, or `Scripts/python.exe` on Windows."""
    assert python_of(Path("env"), target_on(platform)) == Path("env") / expected


ELSEWHERE = Path("/nowhere/at/all")


def judge(place: Path, **here: Path) -> None:
    """Judge a place; what is not given lies elsewhere."""
    places = {"running_prefix": ELSEWHERE, "current": ELSEWHERE, "home": ELSEWHERE} | here
    judge_place(place, running_prefix=places["running_prefix"], current=places["current"], home=places["home"])


@pytest.mark.parametrize(
    ("what", "reason"),
    [
        pytest.param("running_prefix", "the running Python's own folder", id="running Python"),
        pytest.param("current", "the current folder, or one above it", id="current folder"),
        pytest.param("home", "the home folder, or one above it", id="home folder"),
    ],
)
def test_places_that_must_not_be_destroyed_are_refused(what: str, reason: str, moved: Path) -> None:
    """The running Python, the current folder, the home folder and all above them stay, environment or not."""
    for inside in (moved, moved / "deep" / "inside"):
        with pytest.raises(ApplyRefused) as caught:
            judge(moved, **{what: inside})

        assert str(caught.value) == (
            f"place-not-allowed: {moved}: expected an environment, or nothing, found {reason} (name another folder)"
        )


def test_a_place_inside_those_is_fine(tmp_path: Path, moved: Path) -> None:
    """An environment in the current folder, the home folder or beside the running Python may be replaced."""
    judge(moved, current=tmp_path, home=tmp_path, running_prefix=tmp_path)


@pytest.mark.skipif(sys.platform != "linux", reason="needs a mount point that is sure to be there")
def test_a_mount_point_is_refused() -> None:
    """A mounted file system cannot be renamed, and is no environment to destroy."""
    with pytest.raises(ApplyRefused, match="a mount point"):
        judge(Path("/proc"))


@pytest.mark.parametrize("left", ["pyvenv.cfg", "venvault-receipt.json"])
def test_half_of_an_environment_is_one(left: str, tmp_path: Path) -> None:
    """Whose removal broke off may be replaced, whichever of the two was to go last."""
    (tmp_path / "env" / "lib").mkdir(parents=True)
    (tmp_path / "env" / left).write_text("")

    assert is_environment(tmp_path / "env")
    judge_place(tmp_path / "env", running_prefix=Path("/a"), current=None, home=Path("/b"))


def test_a_folder_that_is_no_environment_is_refused(tmp_path: Path) -> None:
    """Work of the user's is not destroyed: neither a folder with files in it, nor a file."""
    (tmp_path / "thesis.txt").write_text("years")
    for place in (tmp_path, tmp_path / "thesis.txt"):
        with pytest.raises(ApplyRefused, match="something that is no environment"):
            judge(place)


def test_nothing_or_an_empty_folder_is_fine(tmp_path: Path) -> None:
    """A place that holds nothing may be taken."""
    judge(tmp_path)
    judge(tmp_path / "absent")
