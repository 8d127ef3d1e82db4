"""An apply whose output takes no more: the environment is the old one or the new one, and it is told which."""

import errno
import io
import subprocess
import sys
from pathlib import Path

import pytest

from compiler.cli import venvault
from tests.bundles import make_bundle
from tests.faults import snapshot

FULL = Path("/dev/full")
BOUND_S = 60

pytestmark = pytest.mark.skipif(not FULL.exists(), reason="needs the device that is always full")


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    """A bundle, elsewhere."""
    return make_bundle(tmp_path / "bundle-cpu.zip")


def run(
    bundle: Path, place: Path, *args: str, into: int = subprocess.PIPE, talk: int = subprocess.PIPE
) -> "subprocess.CompletedProcess[str]":
    """Run the bundle beside an environment, with standard output, and standard error, led there."""
    command = [sys.executable, "-X", "dev", str(bundle), *args]
    return subprocess.run(
        command,
        cwd=place.parent,
        stdout=into,
        stderr=talk,
        encoding="utf-8",
        timeout=BOUND_S,
        check=False,
    )


def test_words_that_are_not_taken_are_told_when_all_is_done(bundle: Path, place: Path) -> None:
    """The environment is in place and whole; the end says so, and what was not printed."""
    with FULL.open("w") as full:
        done = run(bundle, place, "--yes", into=full.fileno())
        verified = run(bundle, place, "verify", into=full.fileno())

    assert done.returncode == verified.returncode == 1
    assert "Traceback" not in done.stderr + verified.stderr
    assert "error[output-refused] standard output\n" in done.stderr
    assert done.stderr.endswith("the other environment is in place at .venv\n")
    assert "error[output-refused] standard output\n" in verified.stderr
    assert run(bundle, place, "verify", "--quiet", into=subprocess.DEVNULL).returncode == 0
    assert sorted(path.name for path in place.parent.iterdir()) == [".venv", ".venv.venvault-previous"]


def test_a_new_environment_is_not_told_as_nothing(bundle: Path, place: Path) -> None:
    """Where there was none before."""
    with FULL.open("w") as full:
        done = run(bundle, place, "--into", "env", into=full.fileno())

    assert done.stderr.endswith("an environment is in place at env\n")


@pytest.mark.parametrize("args", [["inspect"], ["inspect", "--json"], ["detect"], ["--check"]], ids=" ".join)
def test_other_commands_tell_it(args: list[str], bundle: Path, place: Path) -> None:
    """None of them ends in a traceback."""
    with FULL.open("w") as full:
        done = run(bundle, place, *args, into=full.fileno())

    assert done.returncode == 1
    assert done.stderr.count("error[") == 1
    assert "error[output-refused] standard output\n" in done.stderr


def test_events_that_are_not_taken_end_an_apply(bundle: Path, place: Path) -> None:
    """As for whoever watches and goes: nothing is replaced unseen."""
    before = snapshot(place.parent)
    with FULL.open("w") as full:
        done = run(bundle, place, "--yes", "--json", into=full.fileno())

    assert done.returncode == 1
    assert done.stderr.startswith("error[output-refused] standard output\n")
    assert snapshot(place.parent) == before


def test_talk_that_is_not_taken_changes_nothing(bundle: Path, place: Path) -> None:
    """What is done is done, and the exit code tells how it went, where no word is heard."""
    with FULL.open("w") as full:
        talk = full.fileno()
        applied = run(bundle, place, "--yes", talk=talk)
        refused = run(bundle, place, "inspect", "nowhere.zip", talk=talk)
        verified = run(bundle, place, "verify", talk=talk)
        (place / "pyvenv.cfg").write_text("other")
        altered = run(bundle, place, "verify", talk=talk)

    ended = [done.returncode for done in (applied, refused, verified, altered)]
    assert ended == [0, 2, 0, 1]
    assert applied.stdout.startswith("demo ")
    assert verified.stdout.startswith("unaltered: ")


class _Full(io.StringIO):
    """Standard output whose disk is full when a certain event comes."""

    def __init__(self, event: str) -> None:
        super().__init__()
        self._event = event

    def write(self, text: str) -> int:
        if self._event in text:
            raise OSError(errno.ENOSPC, "No space left on device")
        return super().write(text)


@pytest.mark.parametrize("phase", ["planning", "installing", "syncing", "removing"])
@pytest.mark.parametrize("event", ["started", "finished"])
def test_a_disk_that_fills_up_leaves_one_environment_whole(
    event: str,
    phase: str,
    bundle: Path,
    place: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Whenever that is: the old one as it was, or the new one; the next run puts in order what is left."""
    before = snapshot(place)
    monkeypatch.chdir(place.parent)
    monkeypatch.setattr("sys.stdout", _Full(f'"event": "{event}", "phase": "{phase}"'))
    with pytest.raises(SystemExit) as ended:
        venvault.main(["apply", str(bundle), "--yes", "--json", "--no-keep"])

    is_replaced = phase == "removing"
    words = "the other environment is in place at .venv" if is_replaced else ".venv is as it was"
    errors = capsys.readouterr().err
    assert ended.value.code == 1
    assert errors.startswith("error[output-refused] standard output\n")
    assert errors.endswith(f"{words}\n")
    assert (snapshot(place) == before) != is_replaced
    assert run(bundle, place, "--yes", "--no-keep", into=subprocess.DEVNULL).returncode == 0
    assert run(bundle, place, "verify", into=subprocess.DEVNULL).returncode == 0
    assert [path.name for path in place.parent.iterdir()] == [".venv"]
