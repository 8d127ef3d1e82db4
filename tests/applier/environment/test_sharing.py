"""Files that two environments have in common: whatever is written to one, both have their own bytes in the end."""

import builtins
import os
import stat
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from applier.environment.receipt import InstalledFile
from applier.environment.sharing import Sharing
from applier.errors import ApplyRefused
from applier.framing.inflate import find_inflater
from applier.unpacking.job import Job
from applier.unpacking.unpack import do
from tests.applier.unpacking.test_take import DATA, PATH, UMASK, make_job
from tests.crews import on_a_file_system_without_clones
from tests.faults import give_up_privileges, in_a_child
from tests.reporters import Told

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="modes of POSIX")

MODE = 0o666 & ~UMASK


@pytest.fixture
def job(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Job:
    """The job to write one file into `new`, which the old environment at `old` holds."""
    on_a_file_system_without_clones(monkeypatch)
    return make_job(tmp_path.resolve())


def begun(job: Job, folder: Path, *more: Job) -> Sharing:
    """Both environments, of which the jobs have yet to say how they went."""
    held = InstalledFile(sha256=job.files[0].digest, size_bytes=len(DATA))
    sharing = Sharing(folder / "old", folder / "new", {PATH: held}, read_only=False)
    sharing.begin([job, *more])
    return sharing


def shared(job: Job, folder: Path) -> Sharing:
    """Both environments with the file of `job` in common."""
    sharing = begun(job, folder)
    sharing.note(job, do(job, folder / "new", find_inflater(None), lambda count: None))

    assert sharing.taken == 1
    assert (folder / "old" / PATH).samefile(folder / "new" / PATH)
    return sharing


def end(sharing: Sharing, meanwhile: Callable[[], object] = lambda: None) -> list[str]:
    """Have something happen while they are guarded; give what is told."""
    told = Told()
    with sharing.guarded(told):
        meanwhile()
    return told.warnings


def found(path: Path) -> tuple[bytes, int]:
    """A file's bytes and mode."""
    return path.read_bytes(), stat.S_IMODE(path.stat().st_mode)


def _in_place(path: Path) -> None:
    times = path.stat()
    with path.open("r+b") as stream:
        stream.write(b"changed")
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))


def _and_away(path: Path) -> None:
    path.write_text("changed")
    path.unlink()


def _longer(path: Path) -> None:
    path.write_bytes(DATA + b"x")


WAYS: dict[str, Callable[[Path], object]] = {
    "in place, size and time as before": _in_place,
    "longer": _longer,
    "cut": lambda path: os.truncate(path, 3),
    "mode": lambda path: path.chmod(0o600),
    "written, then removed": _and_away,
}


@pytest.mark.parametrize("name", WAYS)
def test_what_is_written_through_the_new_environment_is_taken_back_in_the_old_one(
    name: str, job: Job, tmp_path: Path
) -> None:
    """Bytes and mode of the old environment's file are what they were, and from then on each has its own."""
    sharing = shared(job, tmp_path)
    lines = end(sharing, lambda: WAYS[name](tmp_path / "new" / PATH))

    assert found(tmp_path / "old" / PATH) == (DATA, MODE)
    assert (tmp_path / "old" / PATH).stat().st_nlink == 1
    assert [path.name for path in (tmp_path / "old" / PATH).parent.iterdir()] == ["data.bin"]
    assert [line.partition(" ")[0] for line in lines] == [PATH]
    if name != "written, then removed":
        assert found(tmp_path / "new" / PATH) == (DATA, MODE)


def test_so_it_is_when_the_run_fails(job: Job, tmp_path: Path) -> None:
    """Whatever ends the building of the new environment, what it did to the old one is taken back first."""
    sharing = shared(job, tmp_path)

    def fail() -> None:
        _in_place(tmp_path / "new" / PATH)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        end(sharing, fail)
    assert found(tmp_path / "old" / PATH) == (DATA, MODE)


@pytest.mark.parametrize("name", ["longer", "cut", "mode"])
def test_so_it_is_when_nobody_heard_of_the_link(name: str, job: Job, tmp_path: Path) -> None:
    """A worker that was ended before it could tell of a link has made it all the same."""
    sharing = begun(job, tmp_path)
    do(job, tmp_path / "new", find_inflater(None), lambda count: None)
    end(sharing, lambda: WAYS[name](tmp_path / "new" / PATH))

    assert found(tmp_path / "old" / PATH) == (DATA, MODE)
    assert found(tmp_path / "new" / PATH) == (DATA, MODE)


def test_what_the_user_wrote_before_is_not_taken_back(job: Job, tmp_path: Path) -> None:
    """Of a link that nobody hashed to the end it is not known that it ever was what the receipt says."""
    sharing = begun(job, tmp_path)
    path = tmp_path / "old" / PATH
    path.write_bytes(DATA[:-1] + b"x")
    os.utime(path, (0, 0))
    (tmp_path / "new" / PATH).hardlink_to(path)

    assert end(sharing) == []
    assert path.read_bytes() == DATA[:-1] + b"x"


@pytest.mark.skipif(sys.platform == "win32", reason="forks, and Windows' folders have no such permission")
def test_in_a_read_only_environment_it_is_taken_back_too(job: Job, tmp_path: Path) -> None:
    """By a user whom permissions bind; and the folder is read-only again."""
    sharing, folder = shared(job, tmp_path), (tmp_path / "old" / PATH).parent
    folder.chmod(0o555)

    def run() -> None:
        give_up_privileges()
        end(sharing, lambda: _in_place(tmp_path / "new" / PATH))

    assert in_a_child(run) == 0
    assert found(tmp_path / "old" / PATH) == (DATA, MODE)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o555


def test_a_link_nobody_heard_of_that_is_whole_is_let_be(job: Job, tmp_path: Path) -> None:
    """It is read, for it has no stamp, and stays."""
    sharing = begun(job, tmp_path)
    do(job, tmp_path / "new", find_inflater(None), lambda count: None)

    assert end(sharing) == []
    assert (tmp_path / "old" / PATH).samefile(tmp_path / "new" / PATH)


def test_a_job_that_only_looks_at_the_file_has_no_link(job: Job, tmp_path: Path) -> None:
    """Of a file that two wheels bring, one's job takes it; that nothing was heard of the other's is no matter."""
    spare = replace(job, wheel="other.whl", files=(replace(job.files[0], is_spare=True, mode=0o777),))
    sharing = begun(job, tmp_path, spare)
    sharing.note(job, do(job, tmp_path / "new", find_inflater(None), lambda count: None))

    assert end(sharing) == []
    assert (tmp_path / "old" / PATH).samefile(tmp_path / "new" / PATH)


def test_what_the_old_environments_own_programs_write_stays_out_of_the_new_one(job: Job, tmp_path: Path) -> None:
    """A write under the old name reaches the new environment no more than the other way round."""
    end(shared(job, tmp_path), lambda: _in_place(tmp_path / "old" / PATH))

    assert found(tmp_path / "new" / PATH) == (DATA, MODE)
    assert (tmp_path / "new" / PATH).stat().st_nlink == 1


@pytest.mark.parametrize("place", ["old", "new"])
def test_a_file_that_is_replaced_is_nobody_elses_matter(place: str, job: Job, tmp_path: Path) -> None:
    """Programs that write a new file and rename it touch one environment only: nothing is taken back."""
    sharing = shared(job, tmp_path)

    def exchange() -> None:
        (tmp_path / "other").write_bytes(b"another")
        (tmp_path / "other").replace(tmp_path / place / PATH)

    assert end(sharing, exchange) == []
    assert {name: (tmp_path / name / PATH).read_bytes() for name in ("old", "new")} == {
        "old": DATA,
        "new": DATA,
    } | {place: b"another"}


def test_what_is_left_alone_is_not_read_again(job: Job, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A stamp tells, without a byte being read; a file with one more name, as backups make, is read and let be."""
    sharing, opened, real = shared(job, tmp_path), list[Path](), builtins.open

    def note(path: "str | Path", *more: Any, **options: Any) -> Any:
        opened.append(Path(path))
        return real(path, *more, **options)

    monkeypatch.setattr(builtins, "open", note)

    assert (end(sharing), opened) == ([], [])
    assert end(sharing, lambda: os.link(tmp_path / "old" / PATH, tmp_path / "backup")) == []
    assert opened == [tmp_path / "old" / PATH, tmp_path / "new" / PATH]
    assert (tmp_path / "old" / PATH).samefile(tmp_path / "new" / PATH)


def test_what_cannot_be_mended_is_told(job: Job, tmp_path: Path) -> None:
    """Without the wheel's bytes the old environment stays altered, and that is no secret."""
    sharing = shared(job, tmp_path)
    (tmp_path / "w.whl").write_bytes(b"gone")
    with pytest.raises(ApplyRefused) as caught:
        end(sharing, lambda: _in_place(tmp_path / "new" / PATH))

    assert {(problem.code, problem.where) for problem in caught.value.problems} == {
        ("shared-file-written", str(tmp_path / place / PATH)) for place in ("old", "new")
    }


@pytest.mark.parametrize(("read_only", "mode"), [(False, MODE), (True, MODE & 0o555)])
def test_workers_are_told_the_modes_the_new_environment_will_have(read_only: bool, mode: int) -> None:
    """What is left of a mode follows the umask, and what becomes of the environment."""
    sharing = Sharing(Path("/old"), Path("/new"), {PATH: InstalledFile()}, read_only=read_only)
    old = sharing.old(UMASK)

    assert old is not None
    assert (old.folder, 0o666 & old.mode_mask) == (str(Path("/old")), mode)
    assert Sharing(Path("/old"), Path("/new"), {}, read_only=read_only).old(UMASK) is None
