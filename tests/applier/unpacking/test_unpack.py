"""One job done, in this process."""

import base64
import hashlib
import os
import stat
import zipfile
import zlib
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest

from applier.bundle.extent import Extent
from applier.framing.inflate import Inflater, find_inflater
from applier.unpacking.job import File, Job, Reply
from applier.unpacking.unpack import do

ZLIB = find_inflater(None)
LARGE = bytes(range(256)) * 20_000 + os.urandom(3_000_000)
CONTENT = {"a.py": b"print()\n", "empty": b"", "sub/large.bin": LARGE}


def spelled(data: bytes, algorithm: str = "sha256") -> str:
    """A digest as RECORD has it."""
    return base64.urlsafe_b64encode(hashlib.new(algorithm, data).digest()).decode().rstrip("=")


def make_job(folder: Path, *, method: int = zipfile.ZIP_DEFLATED) -> Job:
    """A wheel-like zip with CONTENT, and the job to write all of it."""
    path = folder / "w.whl"
    files = []
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, data in CONTENT.items():
            archive.writestr(name, data)
        for info in archive.infolist():
            data = CONTENT[info.filename]
            files.append(
                File(
                    path=info.filename,
                    start=info.header_offset + 30 + len(info.filename),
                    compressed_bytes=info.compress_size,
                    size_bytes=info.file_size,
                    is_deflated=method == zipfile.ZIP_DEFLATED,
                    crc=info.CRC,
                    algorithm="sha256",
                    digest=spelled(data),
                    mode=0o644,
                    is_spare=False,
                )
            )
    return Job(wheel="w.whl", extent=Extent.of_files([path]), files=tuple(files))


def done(job: Job, folder: Path) -> tuple[Reply, int]:
    """Do a job into `folder`; give the reply and the bytes moved."""
    moved: list[int] = []
    (folder / "sub").mkdir(parents=True, exist_ok=True)
    return do(job, folder, ZLIB, moved.append), sum(moved)


@pytest.mark.parametrize("method", [zipfile.ZIP_DEFLATED, zipfile.ZIP_STORED])
def test_files_are_written_as_they_are(tmp_path: Path, method: int) -> None:
    """Small, empty and many chunks long, deflated or stored; the number of bytes is told."""
    job = make_job(tmp_path, method=method)
    reply, moved_bytes = done(job, tmp_path / "out")

    assert reply == Reply(is_done=True)
    assert {path: (tmp_path / "out" / path).read_bytes() for path in CONTENT} == CONTENT
    assert [reply.sha256_of(file) for file in job.files] == list(map(spelled, CONTENT.values()))
    assert moved_bytes == sum(map(len, CONTENT.values()))


def test_a_folder_is_there_with_its_first_file_and_not_sooner(tmp_path: Path) -> None:
    """A check that looks for a package which is still awaited finds none: an empty folder could be imported."""
    job = make_job(tmp_path)
    first, *others = sorted(job.files, key=lambda file: "/" in file.path)
    (tmp_path / "out").mkdir()
    inflater = find_inflater(None)
    do(replace(job, files=(first,)), tmp_path / "out", inflater, lambda count: None)
    assert [path.name for path in (tmp_path / "out").iterdir()] == [first.path]
    do(replace(job, files=tuple(others)), tmp_path / "out", inflater, lambda count: None)

    assert {path: (tmp_path / "out" / path).read_bytes() for path in CONTENT} == CONTENT


def test_a_file_has_its_mode_less_the_umask(tmp_path: Path) -> None:
    """The mode is given when the file is made; nothing is changed afterwards."""
    job = make_job(tmp_path)
    job = replace(job, files=(replace(job.files[0], mode=0o777),))
    before = os.umask(0o027)
    try:
        done(job, tmp_path / "out")
    finally:
        os.umask(before)

    assert stat.S_IMODE((tmp_path / "out" / "a.py").stat().st_mode) == 0o750


def test_another_digest_of_record_is_checked_too(tmp_path: Path) -> None:
    """RECORD may have sha512; the receipt gets sha256 all the same."""
    job = make_job(tmp_path)
    data = CONTENT["a.py"]
    good = replace(job.files[0], algorithm="sha512", digest=spelled(data, "sha512"))

    assert done(replace(job, files=(good,)), tmp_path / "out")[0].sha256_of(good) == spelled(data)
    assert done(replace(job, files=(replace(good, digest="x"),)), tmp_path / "other")[0].refusals


FAULTS: list[tuple[str, dict[str, Any], str]] = [
    ("digest", {"digest": "x" * 43}, "sha256="),
    ("checksum", {"crc": 1}, "checksum"),
    ("longer than said", {"size_bytes": 7}, "7 bytes"),
    ("shorter than said", {"size_bytes": 9}, "9 bytes"),
    ("stream cut", {"compressed_bytes": 3}, "deflated data with an end"),
    ("stream with more behind it", {"compressed_bytes": 40}, "nothing behind the end of the deflated data"),
    ("no deflated stream", {"start": 0}, "deflated data"),
    ("stored, cut by the end", {"is_deflated": False, "compressed_bytes": 1 << 40, "size_bytes": 1 << 40}, "1099511"),
]


@pytest.mark.parametrize(("change", "expected"), [row[1:] for row in FAULTS], ids=[row[0] for row in FAULTS])
def test_what_is_not_as_recorded_is_refused(tmp_path: Path, change: dict[str, Any], expected: str) -> None:
    """Every way in which a member can be other than the wheel says is told, with the file; the others are written."""
    job = make_job(tmp_path)
    reply, _ = done(replace(job, files=(replace(job.files[0], **change), job.files[1])), tmp_path / "out")
    (refusal,) = reply.refusals

    assert refusal.where == "w.whl: a.py"
    assert refusal.expected.startswith(expected)
    assert (tmp_path / "out" / "empty").read_bytes() == b""


def test_a_bomb_is_let_go_at_its_declared_size(tmp_path: Path) -> None:
    """No more than one chunk beyond the declared size is ever inflated, and none of it is written."""
    job = make_job(tmp_path)
    path = tmp_path / "bomb.whl"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.py", bytes(20 << 20))
    file = replace(job.files[0], compressed_bytes=archive.infolist()[0].compress_size, size_bytes=10)
    reply, moved_bytes = done(replace(job, extent=Extent.of_files([path]), files=(file,)), tmp_path / "out")

    assert reply.refusals[0].expected == "10 bytes"
    assert moved_bytes == 0
    assert (tmp_path / "out" / "a.py").stat().st_size == 0


def test_nothing_is_written_over(tmp_path: Path) -> None:
    """A file or link that is there already is left alone."""
    job = make_job(tmp_path)
    (tmp_path / "out" / "sub").mkdir(parents=True)
    (tmp_path / "precious").write_text("old")
    (tmp_path / "out" / "a.py").symlink_to(tmp_path / "precious")
    reply, _ = done(job, tmp_path / "out")

    assert [refusal.code for refusal in reply.refusals] == ["write-failed"]
    assert (tmp_path / "precious").read_text() == "old"


def test_a_spare_file_is_checked_and_not_written(tmp_path: Path) -> None:
    """What an earlier wheel writes is held against RECORD all the same."""
    job = make_job(tmp_path)
    spare = replace(job.files[0], is_spare=True)
    reply, _ = done(replace(job, files=(spare,)), tmp_path / "out")

    assert reply == Reply(is_done=True)
    assert not (tmp_path / "out" / "a.py").exists()
    assert done(replace(job, files=(replace(spare, digest="x"),)), tmp_path / "out")[0].refusals


def test_a_wheel_is_hashed(tmp_path: Path) -> None:
    """The whole wheel's sha256 is a job of its own."""
    job = make_job(tmp_path)
    data = (tmp_path / "w.whl").read_bytes()
    good = replace(job, sha256=hashlib.sha256(data).hexdigest(), files=())
    reply, moved_bytes = done(good, tmp_path / "out")

    assert reply == Reply(is_done=True)
    assert moved_bytes == len(data)
    assert done(replace(good, sha256="0" * 64), tmp_path / "out")[0].refusals[0].code == "bundle-damaged"


def test_a_wheel_that_changes_meanwhile_is_refused(tmp_path: Path) -> None:
    """Bytes are only taken from the file that was looked at first."""
    job = make_job(tmp_path)
    (tmp_path / "w.whl").write_bytes(b"other")
    reply, _ = done(job, tmp_path / "out")

    assert reply.refusals[0].code == "file-changed"


class _OneByteAtATime:
    """An inflater that gives one byte a call: the loops must not depend on how much comes at once."""

    error = zlib.error
    crc32 = staticmethod(zlib.crc32)

    def __init__(self) -> None:
        self.calls = 0

    def decompressobj(self, wbits: int = 15) -> Any:
        """A stream of zlib's, held back."""
        inflation = zlib.decompressobj(wbits)

        class Slow:
            unconsumed_tail = property(lambda _: inflation.unconsumed_tail)
            unused_data = property(lambda _: inflation.unused_data)
            eof = property(lambda _: inflation.eof)

            def decompress(self, data: bytes, max_length: int = 0) -> bytes:
                return inflation.decompress(data, min(max_length, 1))

        return Slow()


def test_output_may_come_in_any_pieces(tmp_path: Path) -> None:
    """An inflater whose last bytes come when its input is used up loses none of them."""
    job = make_job(tmp_path)
    job = replace(job, files=job.files[:2])
    (tmp_path / "out").mkdir()
    reply = do(job, tmp_path / "out", cast(Inflater, _OneByteAtATime()), lambda count: None)

    assert not reply.refusals
    assert (tmp_path / "out" / "a.py").read_bytes() == CONTENT["a.py"]
