"""What is taken from an old environment: its own bytes, checked now, and never what changed or leads elsewhere."""

import errno
import hashlib
import ntpath
import os
import posixpath
import stat
import subprocess
import sys
import zlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import pytest

import applier.unpacking.take
from applier.bundle.extent import NOWHERE, Extent
from applier.digest import recorded
from applier.framing.inflate import Inflater, find_inflater
from applier.unpacking.clone import clone
from applier.unpacking.job import File, Job, Old, Reply, Stamp
from applier.unpacking.take import Taking, _is_one_path
from applier.unpacking.unpack import do
from tests.crews import on_a_file_system_without_clones, settle

DATA = bytes(range(256)) * 4096
PATH = "lib/demo/data.bin"
UMASK = os.umask(0o022)
os.umask(UMASK)

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="modes, pipes and links of POSIX")


def make_job(folder: Path, *, mode: int = 0o666, algorithm: str = "sha256") -> Job:
    """The job to write one file into `new`, which the old environment at `old` is said to hold, and holds."""
    deflated = zlib.compress(DATA, wbits=-15)
    (folder / "w.whl").write_bytes(deflated)
    for name in ("old", "new"):
        (folder / name / PATH).parent.mkdir(parents=True)
    (folder / "old" / PATH).write_bytes(DATA)
    digest = recorded(hashlib.new(algorithm, DATA).digest())
    file = File(
        path=PATH,
        start=0,
        compressed_bytes=len(deflated),
        size_bytes=len(DATA),
        is_deflated=True,
        crc=zlib.crc32(DATA),
        algorithm=algorithm,
        digest=digest,
        mode=mode,
        is_spare=False,
        is_held=True,
    )
    old = Old(folder=str((folder / "old").resolve()), mode_mask=~UMASK)
    settle(folder / "old")
    return Job(wheel="w.whl", extent=Extent.of_files([folder / "w.whl"]), files=(file,), old=old)


@pytest.fixture(autouse=True)
def links(monkeypatch: pytest.MonkeyPatch) -> None:
    """No clones, but where a test makes them."""
    on_a_file_system_without_clones(monkeypatch)


class Inflations:
    """Stands in for a module that inflates, and counts the streams."""

    def __init__(self) -> None:
        self.count = 0
        self.error, self.crc32 = zlib.error, zlib.crc32

    def decompressobj(self, wbits: int = 15) -> object:
        self.count += 1
        return find_inflater(None).decompressobj(wbits)


def done(job: Job, folder: Path, moved: Callable[[int], None] = lambda count: None) -> tuple[Reply, int]:
    """Do a job; the file must be there with its bytes, whatever was taken. Give the reply and the streams inflated."""
    inflater: Inflater = Inflations()  # type: ignore[assignment]  # only what is used of it
    reply = do(job, folder / "new", inflater, moved)

    assert not reply.refusals
    assert (folder / "new" / PATH).read_bytes() == DATA
    return reply, inflater.count  # type: ignore[attr-defined]  # ours


def is_shared(folder: Path) -> bool:
    """Whether both environments have one file."""
    return (folder / "old" / PATH).samefile(folder / "new" / PATH)


def test_what_the_old_environment_holds_is_linked(tmp_path: Path) -> None:
    """The very file, under one more name; nothing is inflated, and its stamp is told."""
    reply, inflated = done(make_job(tmp_path), tmp_path)
    status = (tmp_path / "new" / PATH).stat()

    assert (status.st_nlink, is_shared(tmp_path), inflated, reply.taken) == (2, True, 0, 1)
    assert reply.stamps == ((PATH, Stamp.of(status)),)


def test_another_digest_of_record_counts_too(tmp_path: Path) -> None:
    """RECORD may have sha512; the receipt gets sha256 all the same."""
    job = make_job(tmp_path, algorithm="sha512")
    reply, inflated = done(job, tmp_path)

    assert (is_shared(tmp_path), inflated) == (True, 0)
    assert reply.sha256_of(job.files[0]) == recorded(hashlib.sha256(DATA).digest())


def test_no_file_is_opened_twice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is taken is read once, in the old environment; under its new name a link is not opened at all."""
    job, opened, real = make_job(tmp_path), list[str](), os.open

    def note(path: "str | Path", flags: int, mode: int = 0o777) -> int:
        if os.fspath(path).endswith(PATH):
            opened.append(f"{Path(path).relative_to(tmp_path).parts[0]} {flags & (os.O_WRONLY | os.O_RDWR)}")
        return real(path, flags, mode)

    monkeypatch.setattr(os, "open", note)
    done(job, tmp_path)
    (tmp_path / "new" / PATH).unlink()
    monkeypatch.setattr(os, "link", _refused(errno.EMLINK))
    done(job, tmp_path)

    assert opened == [f"old {os.O_RDONLY}", f"old {os.O_RDONLY}", f"new {os.O_WRONLY}"]


def _refused(number: int) -> Callable[..., None]:
    def link(*_: object, **__: object) -> None:
        raise OSError(number, os.strerror(number))

    return link


@pytest.mark.parametrize("name", ["EMLINK", "EXDEV", "EPERM", "EACCES", "EOPNOTSUPP", "ENOSYS", "EROFS"])
def test_what_cannot_be_linked_is_copied(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Too many links, another file system, one without links, no permission: its own file, nothing inflated."""
    job = make_job(tmp_path)
    monkeypatch.setattr(os, "link", _refused(getattr(errno, name)))
    reply, inflated = done(job, tmp_path)

    assert (is_shared(tmp_path), inflated, reply.taken, reply.stamps) == (False, 0, 1, ())


@pytest.mark.parametrize(("mode", "mask"), [(0o666, ~UMASK & 0o555), (0o777, ~UMASK)], ids=["read-only", "executable"])
def test_a_file_of_another_mode_is_copied(mode: int, mask: int, tmp_path: Path) -> None:
    """Two names have one mode: to link it would give the new environment the wrong one, or change the old one's."""
    job = make_job(tmp_path, mode=mode)
    assert job.old is not None
    reply, inflated = done(replace(job, old=replace(job.old, mode_mask=mask)), tmp_path)

    assert (is_shared(tmp_path), inflated, reply.taken, reply.stamps) == (False, 0, 1, ())
    assert stat.S_IMODE((tmp_path / "new" / PATH).stat().st_mode) == mode & ~UMASK
    assert stat.S_IMODE((tmp_path / "old" / PATH).stat().st_mode) == 0o666 & ~UMASK


def _written_at_one_time(path: Path, data: bytes) -> None:
    before = path.stat()
    while path.stat().st_ctime_ns == before.st_ctime_ns:  # a file system's clock has ticks
        path.write_bytes(data)
        os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def _other_bytes(path: Path) -> None:
    _written_at_one_time(path, DATA[:-1] + b"x")


def _link_to_same(path: Path) -> None:
    path.rename(path.with_name("elsewhere"))
    path.symlink_to("elsewhere")


def _folder_elsewhere(path: Path) -> None:
    path.parent.rename(path.parents[3] / "checkout")
    path.parent.symlink_to(path.parents[3] / "checkout")


def _pipe(path: Path) -> None:
    path.unlink()
    subprocess.run(["mkfifo", path], check=True)


def _folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


spoiled = pytest.mark.parametrize(
    "spoil",
    [
        pytest.param(_other_bytes, id="other bytes of one size and one time"),
        pytest.param(lambda path: path.write_bytes(DATA + b"x"), id="longer"),
        pytest.param(lambda path: path.write_bytes(DATA[1:]), id="shorter"),
        pytest.param(Path.unlink, id="none"),
        pytest.param(_link_to_same, id="a link to the same bytes"),
        pytest.param(_folder_elsewhere, id="in a folder that lies elsewhere"),
        pytest.param(_pipe, id="a pipe"),
        pytest.param(_folder, id="a folder"),
    ],
)


@spoiled
def test_what_is_not_the_same_file_any_more_is_inflated(spoil: Callable[[Path], object], tmp_path: Path) -> None:
    """Whatever the old environment has become, the new one gets the wheel's bytes, in a file of its own."""
    job = make_job(tmp_path)
    spoil(tmp_path / "old" / PATH)
    moved: list[int] = []
    reply, inflated = done(job, tmp_path, moved.append)

    assert (inflated, reply.taken, reply.stamps) == (1, 0, ())
    assert (tmp_path / "new" / PATH).stat().st_nlink == 1
    assert sum(moved) == len(DATA)


@pytest.mark.parametrize("is_altered", [False, True], ids=["same", "altered"])
@pytest.mark.parametrize("is_copied", [False, True], ids=["linked", "copied"])
def test_no_file_has_its_name_and_size_before_it_is_known(is_copied: bool, is_altered: bool, tmp_path: Path) -> None:
    """Python knows the source of its bytecode by these and the second, and checks run meanwhile."""
    job, target, sizes = make_job(tmp_path), tmp_path / "new" / PATH, list[int]()
    if is_altered:
        _other_bytes(tmp_path / "old" / PATH)

    def look(_count: int) -> None:
        sizes.append(target.stat().st_size if target.exists() else 0)

    assert job.old is not None
    taking = Taking(replace(job.old, links=not is_copied), tmp_path / "new", look)
    for _ in range(2):  # the second time it is known that nothing can be cloned
        taken = taking.take(job.files[0])
        assert (taken is None, target.exists()) == (is_altered, not is_altered)
        target.unlink(missing_ok=True)

    assert max(sizes) < len(DATA)


@pytest.mark.parametrize("is_copied", [False, True], ids=["linked", "copied"])
def test_a_file_that_changes_while_it_is_taken_is_inflated(
    is_copied: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a program of the old environment writes to what was hashed already does not get into the new one."""
    job, written = make_job(tmp_path), list[int]()
    if is_copied:
        monkeypatch.setattr(os, "link", _refused(errno.EMLINK))

    def write(count: int) -> None:
        if not written:
            with (tmp_path / "old" / PATH).open("r+b") as stream:
                stream.write(b"changed")
        written.append(count)

    reply, inflated = done(job, tmp_path, write)

    assert (inflated, reply.taken) == (1, 0)
    assert not is_shared(tmp_path)


def test_a_file_that_is_exchanged_while_it_is_linked_is_not_linked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What has the name by now is not what was looked at: neither is taken."""
    job, link = make_job(tmp_path), os.link
    source = tmp_path / "old" / PATH

    def exchange(from_: str, to: Path) -> None:
        (tmp_path / "other").write_bytes(DATA[:-1] + b"x")
        (tmp_path / "other").replace(source)
        link(from_, to)

    monkeypatch.setattr(os, "link", exchange)
    reply, inflated = done(job, tmp_path)

    assert (is_shared(tmp_path), inflated, reply.taken, reply.stamps) == (False, 1, 0, ())


@pytest.mark.parametrize(
    ("path", "real", "flavour", "is_one"),
    [
        pytest.param(r"C:\env\.venv\Lib/site-packages", r"C:\env\.venv\Lib\site-packages", ntpath, True, id="slashes"),
        pytest.param(r"C:\env\lib/demo", r"C:\env\Lib\demo", ntpath, True, id="case"),
        pytest.param(r"C:\env\lib/demo", r"D:\checkout\demo", ntpath, False, id="elsewhere"),
        pytest.param("/env/lib/demo", "/env/lib/demo", posixpath, True, id="as it is"),
        pytest.param("/env/lib/demo", "/env/Lib/demo", posixpath, False, id="another case"),
    ],
)
def test_a_path_is_one_however_the_system_spells_it(path: str, real: str, flavour: ModuleType, is_one: bool) -> None:
    """RECORD's slashes are forward, those that Windows gives are not: no reason to take a file for one elsewhere."""
    assert _is_one_path(path, real, flavour) is is_one


def test_nothing_is_taken_over_what_is_there(tmp_path: Path) -> None:
    """A file that is in the way is not written over, and stays."""
    job = make_job(tmp_path)
    (tmp_path / "new" / PATH).write_text("precious")
    reply = do(job, tmp_path / "new", find_inflater(None), lambda count: None)

    assert [refusal.code for refusal in reply.refusals] == ["write-failed"]
    assert (tmp_path / "new" / PATH).read_text() == "precious"


def look(job: Job, folder: Path, moved: Callable[[int], None] = lambda count: None) -> Reply:
    """Look at the old environment's file, as before it is planned what becomes of it."""
    file = replace(job.files[0], is_spare=True)
    inflater: Inflater = Inflations()  # type: ignore[assignment]  # only what is used of it
    return do(replace(job, extent=NOWHERE, files=(file,), looks=True), folder / "new", inflater, moved)


def test_a_look_makes_nothing_and_tells_the_stamp(tmp_path: Path) -> None:
    """It counts as nothing written, and its bytes as moved."""
    job, moved = make_job(tmp_path), list[int]()
    status = (tmp_path / "old" / PATH).stat()

    assert look(job, tmp_path, moved.append) == Reply(is_done=True, stamps=((PATH, Stamp.of(status)),))
    assert not (tmp_path / "new" / PATH).exists()
    assert sum(moved) == len(DATA)


def test_a_look_at_what_was_changed_just_now_tells_nothing(tmp_path: Path) -> None:
    """Since this run began: it may change again in the same tick of the clock, and keep its stamp."""
    job = make_job(tmp_path)
    (tmp_path / "old" / PATH).touch()

    assert look(job, tmp_path) == Reply(is_done=True)


@pytest.mark.parametrize("clones", [False, True])
def test_what_was_changed_just_now_is_copied(clones: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is hashed is then what is written, whatever becomes of the file before the tick is over."""
    job = make_job(tmp_path)
    (tmp_path / "old" / PATH).touch()
    if clones:
        monkeypatch.setattr(applier.unpacking.take, "clone", lambda *_: pytest.fail("it was cloned"))
    reply, inflated = done(job, tmp_path)

    assert (is_shared(tmp_path), inflated, reply.taken, reply.stamps) == (False, 0, 1, ())


@spoiled
def test_a_look_at_another_file_tells_nothing(spoil: Callable[[Path], object], tmp_path: Path) -> None:
    """It is no fault either: nobody knows yet whether the file is wanted."""
    job, moved = make_job(tmp_path), list[int]()
    spoil(tmp_path / "old" / PATH)

    assert look(job, tmp_path, moved.append) == Reply(is_done=True)
    assert sum(moved) == 0


@pytest.mark.parametrize("path", ["lib/demo/\0", "lib/\0/data.bin", "lib/\ud800", "\ud800/data.bin", "", "../old"])
def test_a_look_at_what_no_system_has_or_lies_elsewhere_tells_nothing(path: str, tmp_path: Path) -> None:
    """A damaged receipt may name anything; it costs no worker."""
    job = make_job(tmp_path)

    assert look(replace(job, files=(replace(job.files[0], path=path),)), tmp_path) == Reply(is_done=True)


def _seen(job: Job, folder: Path) -> Job:
    """The job, told what a look saw."""
    ((_, stamp),) = look(job, folder).stamps
    return replace(job, files=(replace(job.files[0], seen=stamp),))


def test_what_was_seen_is_not_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is linked as it is, and told like any other."""
    job, moved = _seen(make_job(tmp_path), tmp_path), list[int]()
    monkeypatch.setattr(Taking, "_chunks", lambda *_: pytest.fail("it was read"))
    reply, inflated = done(job, tmp_path, moved.append)
    status = (tmp_path / "new" / PATH).stat()

    assert (status.st_nlink, is_shared(tmp_path), inflated, reply.taken, sum(moved)) == (2, True, 0, 1, len(DATA))
    assert reply.stamps == ((PATH, Stamp.of(status)),)


@spoiled
def test_what_changed_since_it_was_seen_is_hashed_again(spoil: Callable[[Path], object], tmp_path: Path) -> None:
    """So that it is found to be another; whoever sets its time of writing back changes that of its status."""
    job = _seen(make_job(tmp_path), tmp_path)
    spoil(tmp_path / "old" / PATH)
    reply, inflated = done(job, tmp_path)

    assert (inflated, reply.taken, reply.stamps) == (1, 0, ())


def test_what_is_written_to_while_it_is_linked_was_not_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Between the glance at its stamp and the link, which itself changes the time of its status."""
    job, real = _seen(make_job(tmp_path), tmp_path), os.link

    def link(source: str, target: str) -> None:
        before = Path(source).stat().st_mtime_ns
        while Path(source).stat().st_mtime_ns == before:  # a file system's clock has ticks
            Path(source).write_bytes(DATA[:-1] + b"x")
        real(source, target)

    monkeypatch.setattr(os, "link", link)
    reply, inflated = done(job, tmp_path)

    assert (inflated, reply.taken) == (1, 0)


@pytest.mark.parametrize("is_seen", [False, True])
def test_what_is_other_only_while_it_is_cloned_is_not_taken(
    is_seen: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where a clone has its bytes from is hashed, and must be as it was before the clone was made."""
    job = make_job(tmp_path)
    job = _seen(job, tmp_path) if is_seen else job

    def clone_then_restore(_source: int, target: str, mode: int) -> bool:
        Path(target).write_bytes(DATA[:-1] + b"x")
        Path(target).chmod(mode & ~UMASK)
        _written_at_one_time(tmp_path / "old" / PATH, DATA)
        return True

    monkeypatch.setattr(applier.unpacking.take, "clone", clone_then_restore)
    reply, inflated = done(job, tmp_path)

    assert (inflated, reply.taken) == (1, 0)


@pytest.mark.parametrize("is_seen", [False, True])
def test_what_gets_another_mode_while_it_is_linked_is_not_taken(
    is_seen: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The link would have it too; only the time of its status is let be, which a link sets."""
    job, real = make_job(tmp_path), os.link
    job = _seen(job, tmp_path) if is_seen else job

    def link(source: str, target: str) -> None:
        Path(source).chmod(0o600)
        real(source, target)

    monkeypatch.setattr(os, "link", link)
    reply, inflated = done(job, tmp_path)

    assert (inflated, reply.taken) == (1, 0)


def test_what_must_be_copied_is_hashed_as_it_passes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its bytes are read anyway."""
    job, moved = _seen(make_job(tmp_path), tmp_path), list[int]()
    monkeypatch.setattr(os, "link", _refused(errno.EMLINK))
    reply, inflated = done(job, tmp_path, moved.append)

    assert (is_shared(tmp_path), inflated, reply.taken, reply.stamps, sum(moved)) == (False, 0, 1, (), len(DATA))


@pytest.mark.skipif(sys.platform != "linux", reason="clones as Linux makes them")
@pytest.mark.parametrize(("is_altered", "inflations"), [(False, 0), (True, 1)], ids=["same", "altered"])
def test_a_spare_file_is_only_looked_at(is_altered: bool, inflations: int, tmp_path: Path) -> None:
    """Another wheel writes it, maybe did already: nothing is made, removed, or counted as taken."""
    job = make_job(tmp_path)
    if is_altered:
        _other_bytes(tmp_path / "old" / PATH)
    (tmp_path / "new" / PATH).write_bytes(DATA)
    reply, count = done(replace(job, files=(replace(job.files[0], is_spare=True),)), tmp_path)

    assert (reply.taken, reply.refusals, count) == (0, (), inflations)
    assert (tmp_path / "new" / PATH).read_bytes() == DATA
    assert not is_shared(tmp_path)


def test_a_clone_is_a_file_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the file system has clones nothing is shared, the mode is the one wanted, and no stamp is needed."""
    import fcntl

    def ficlone(target: int, request: int, source: int) -> int:
        assert request == 0x40049409
        assert os.fstat(source).st_size == os.write(target, DATA)
        return 0

    monkeypatch.setattr(fcntl, "ioctl", ficlone)
    monkeypatch.setattr(applier.unpacking.take, "clone", clone)
    reply, inflated = done(make_job(tmp_path, mode=0o777), tmp_path)

    assert (is_shared(tmp_path), inflated, reply.taken, reply.stamps) == (False, 0, 1, ())
    assert stat.S_IMODE((tmp_path / "new" / PATH).stat().st_mode) == 0o777 & ~UMASK
