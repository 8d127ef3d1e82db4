"""Bundles of any shape, generated: so many wheels of so many files of so many bytes, in little memory."""

import hashlib
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from locks import LockedWheel
from locks.digest import sha256_of_file
from locks.lock import order_for_installation

from applier.digest import recorded
from bundler.bundle import write_bundle
from bundler.store import Store
from compiler.write import to_bytes
from tests.bundles import make_lock, nowhere
from tests.wheels import RecordRow, Wheel, make_wheel

# Deflated to about a fifteenth: each half repeats itself, and lies further back than deflate looks when it comes again.
_PIECE = b"".join(hashlib.shake_128(half).digest(1 << 12) * 16 for half in (b"one", b"other"))
_FILES_IN_A_FOLDER = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """What a bundle is made of."""

    wheels: int
    files: int
    """In each wheel."""
    file_bytes: int

    @property
    def all_files(self) -> int:
        """Files of all wheels."""
        return self.wheels * self.files

    @property
    def all_bytes(self) -> int:
        """Bytes of all files."""
        return self.all_files * self.file_bytes


def _pieces(size_bytes: int) -> Iterator[bytes]:
    whole, rest = divmod(size_bytes, len(_PIECE))
    for _ in range(whole):
        yield _PIECE
    yield _PIECE[:rest]


@cache
def _record_hash(size_bytes: int) -> str:
    digest = hashlib.sha256()
    for piece in _pieces(size_bytes):
        digest.update(piece)
    return f"sha256={recorded(digest.digest())}"


def _write_wheel(store: Store, name: str, shape: Shape) -> LockedWheel:
    """Write one wheel into the store: a small one made in memory, and the files appended to it."""
    paths = [f"{name}/p{number // _FILES_IN_A_FOLDER}/m{number}.py" for number in range(shape.files)]
    more: list[RecordRow] = [(path, _record_hash(shape.file_bytes), str(shape.file_bytes)) for path in paths]
    small: Wheel = make_wheel(name, "1.0", record_rows=lambda rows: [*more, *rows])
    place = store.path("0" * 64).with_name(small.filename)
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(small.data)
    with zipfile.ZipFile(place, "a", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for path in paths:
            info = zipfile.ZipInfo(path)
            info.compress_type = zipfile.ZIP_DEFLATED
            with archive.open(info, "w") as sink:
                for piece in _pieces(shape.file_bytes):
                    sink.write(piece)
    sha256, size_bytes = sha256_of_file(place)
    store.path(sha256).parent.mkdir(parents=True, exist_ok=True)
    place.rename(store.path(sha256))
    return LockedWheel(
        name=small.name, version=small.version, filename=small.filename, size_bytes=size_bytes, sha256=sha256
    )


def generate_bundle(path: Path, shape: Shape) -> Path:
    """Write a bundle of that shape at `path`, without checks."""
    with TemporaryDirectory(dir=path.parent) as folder:
        store = Store(Path(folder))
        wheels = [_write_wheel(store, f"wheel{number}", shape) for number in range(shape.wheels)]
        order = order_for_installation({wheel.name: () for wheel in wheels})
        lock = replace(make_lock(()), wheels=tuple(sorted(wheels, key=lambda wheel: wheel.name)), install_order=order)
        return write_bundle(lock, to_bytes(lock), path, store=store, open_sources=nowhere).path
