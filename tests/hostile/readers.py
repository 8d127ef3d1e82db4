"""Every reader of what comes with a bundle, as a function of bytes that must end, in its own error or in none."""

import io
import os
import tempfile
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from locks import LockError
from locks.read import read_lock

from applier.bundle.contents import read_contents
from applier.bundle.layout import CONTENTS, LOCK
from applier.bundle.reader import Bundle
from applier.errors import BundleDamaged
from applier.framing import Misframed, read_entries, read_member
from applier.signature import SignatureInvalid, read_signature
from applier.signature.keys import read_keys
from applier.wheels.entry_points import entry_point_faults
from applier.wheels.fit import python_faults
from applier.wheels.identity import metadata_faults, read_metadata
from applier.wheels.judge import judge_wheel
from applier.wheels.record import hash_of, read_rows, record_faults, weak_hashes
from bundler.archive import write_archive
from tests.bundles import bare_members, locked, target_on
from tests.signing import ALICE
from tests.wheels import make_wheel

from .parts import METADATA, Parts

DEMO = make_wheel("demo", "1.0", entry_points="[console_scripts]\ndemo = demo:main [extra]\n")
TARGET = target_on("linux-x86_64")
TAGS = frozenset(TARGET.tags())
_MESSAGE = b"message"


def _frame(data: bytes) -> None:
    stream = io.BytesIO(data)
    for entry in read_entries(stream):
        for _ in read_member(stream, entry):
            pass


def _bundle(data: bytes) -> None:
    descriptor, name = tempfile.mkstemp()
    try:
        os.write(descriptor, data)
        Bundle.open(Path(name)).verify()
    finally:
        os.close(descriptor)
        Path(name).unlink()


def _record(data: bytes) -> None:
    rows = read_rows(data)
    list(record_faults(rows, {"demo.py": 6, "demo-1.0.dist-info/RECORD": 1}, own="demo-1.0.dist-info/RECORD"))
    list(weak_hashes(rows))
    list(map(hash_of, rows))


def _metadata(data: bytes) -> None:
    raw = read_metadata(data)
    list(metadata_faults(raw, locked(DEMO), member="METADATA"))
    list(python_faults(raw.get("requires_python", ""), TARGET, member="METADATA"))


@dataclass(frozen=True, kw_only=True)
class Reader:
    """One reader, what it may raise, and what it is given to begin with."""

    read: Callable[[bytes], object]
    errors: tuple[type[Exception], ...] = ()
    seeds: tuple[bytes, ...]

    def __call__(self, data: bytes) -> None:
        with suppress(*self.errors):
            self.read(data)


@cache
def _bundle_bytes() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "bundle.zip"
        write_archive(path, {**bare_members(DEMO), "bundle.json.sig": b"x"})
        return path.read_bytes()


@cache
def readers() -> Mapping[str, Reader]:
    """Give every reader by name."""
    members = {name: data for name, data in bare_members(DEMO).items() if isinstance(data, bytes)}
    record = b"demo.py,sha256=47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU,6\ndemo-1.0.dist-info/RECORD,,\n"
    options = 'namespaces="git,venvault-*",valid-after="20200101Z",valid-before="220001011200"'
    return {
        "frame": Reader(read=_frame, errors=(Misframed,), seeds=(Parts().build().data, DEMO.data)),
        "wheel": Reader(
            read=lambda data: judge_wheel(locked(DEMO), TARGET, TAGS, io.BytesIO(data)), seeds=(DEMO.data,)
        ),
        "bundle": Reader(read=_bundle, errors=(BundleDamaged,), seeds=(_bundle_bytes(),)),
        "contents": Reader(read=read_contents, errors=(BundleDamaged,), seeds=(members[CONTENTS],)),
        "lock": Reader(read=lambda data: read_lock(data, document=LOCK), errors=(LockError,), seeds=(members[LOCK],)),
        "record": Reader(read=_record, errors=(ValueError,), seeds=(record,)),
        "entry points": Reader(
            read=lambda data: list(entry_point_faults(data.decode("utf-8", "replace"), member="entry_points.txt")),
            seeds=(b"[console_scripts]\ndemo = demo.cli:main [a, b]\n[gui_scripts]\nx=y:z\n[other]\n%(x)s = a\n",),
        ),
        "metadata": Reader(
            read=_metadata, seeds=(f"{METADATA}Requires-Python: >=3.9,!=3.10.*\nRequires-Dist: a\n\nText\n".encode(),)
        ),
        "signature": Reader(
            read=lambda data: read_signature(data).is_over(_MESSAGE),
            errors=(SignatureInvalid,),
            seeds=(ALICE.sshsig(_MESSAGE),),
        ),
        "keys": Reader(
            read=lambda data: list(read_keys(data.decode("utf-8", "replace"))),
            seeds=(f"# keys\n{ALICE.line('a@x,b@x', options)}".encode(),),
        ),
    }
