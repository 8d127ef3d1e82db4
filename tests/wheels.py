"""Real, tiny wheels made on the spot: the same arguments always give the same bytes.

Decides what a well-formed wheel looks like; a test that wants a broken one damages it knowingly,
through `record_rows` or by naming `files` inside the dist-info folder.
"""

import csv
import hashlib
import io
import stat
import zipfile
from base64 import urlsafe_b64encode
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from packaging.tags import parse_tag
from packaging.utils import NormalizedName, canonicalize_name, parse_wheel_filename
from packaging.version import Version

RecordRow = tuple[str, str, str]
"""Path, `sha256=<digest>`, size in bytes; the row of RECORD itself has the last two empty."""

_DATE = (1980, 1, 1, 0, 0, 0)
_PADDING = "padding.bin"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wheel:
    """A wheel in memory."""

    filename: str
    """As on disk: a local version keeps its `+`."""
    data: bytes
    """The whole zip."""
    metadata: bytes
    """METADATA, byte for byte: what an index serves as `<filename>.metadata`."""

    @property
    def sha256(self) -> str:
        """Hexadecimal digest of the whole file."""
        return hashlib.sha256(self.data).hexdigest()

    @property
    def size_bytes(self) -> int:
        """Length of the whole file."""
        return len(self.data)

    @property
    def name(self) -> NormalizedName:
        """Project name as the file name tells it, normalised."""
        return parse_wheel_filename(self.filename)[0]

    @property
    def version(self) -> Version:
        """Version as the file name tells it, local label included."""
        return parse_wheel_filename(self.filename)[1]


def _encoded(content: str | bytes) -> bytes:
    return content.encode() if isinstance(content, str) else content


def _metadata(
    name: str,
    version: str,
    requires: Sequence[str],
    requires_python: str | None,
    provides_extra: Sequence[str],
) -> str:
    lines = ["Metadata-Version: 2.1", f"Name: {name}", f"Version: {version}"]
    if requires_python is not None:
        lines.append(f"Requires-Python: {requires_python}")
    lines += [f"Provides-Extra: {extra}" for extra in provides_extra]
    lines += [f"Requires-Dist: {requirement}" for requirement in requires]
    return "\n".join(lines) + "\n"


def _wheel_file(tag: str, build: str | None) -> str:
    tags = sorted(str(each) for each in parse_tag(tag))
    pure = all(each.endswith("-none-any") for each in tags)
    lines = ["Wheel-Version: 1.0", "Generator: venvault-tests", f"Root-Is-Purelib: {str(pure).lower()}"]
    lines += [f"Tag: {each}" for each in tags]
    lines += [f"Build: {build}"] if build else []
    return "\n".join(lines) + "\n"


def _filler(seed: str, size_bytes: int) -> bytes:
    return hashlib.shake_128(seed.encode()).digest(size_bytes)


def _rows(members: Mapping[str, bytes], *, record: str) -> list[RecordRow]:
    rows = [
        (path, f"sha256={_record_digest(content)}", str(len(content)))
        for path, content in members.items()
        if path != record
    ]
    return [*rows, (record, "", "")]


def _record_digest(content: bytes) -> str:
    return urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()


def _csv(rows: Sequence[RecordRow]) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue().encode()


def _zip(members: Mapping[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for path, content in members.items():
            archive.writestr(_zip_info(path), content)
    return buffer.getvalue()


def _zip_info(path: str) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(path, _DATE)
    info.create_system = 3  # Unix wherever the test runs, or the mode below would be lost.
    executable = ".data/scripts/" in path
    info.external_attr = (stat.S_IFREG | (0o755 if executable else 0o644)) << 16
    info.compress_type = zipfile.ZIP_STORED if path.endswith(f"/{_PADDING}") else zipfile.ZIP_DEFLATED
    return info


def make_wheel(
    name: str,
    version: str,
    *,
    requires: Sequence[str] = (),
    requires_python: str | None = None,
    provides_extra: Sequence[str] = (),
    tag: str = "py3-none-any",
    build: str | None = None,
    files: Mapping[str, str | bytes] | None = None,
    entry_points: str | None = None,
    data_files: Mapping[str, str | bytes] | None = None,
    record_rows: Callable[[list[RecordRow]], list[RecordRow]] | None = None,
    metadata_first: bool = False,
    padding_bytes: int = 0,
) -> Wheel:
    """Build a wheel.

    Args:
        name: Kept as written in METADATA, normalised in file names.
        version: Kept as written everywhere; a dash becomes an underscore in file names.
        tag: May be a compressed set, such as `py2.py3-none-any`.
        files: Path to content; by default one package that holds nothing but `__version__`.
            A path in the dist-info folder replaces the file this function would write there.
        entry_points: Content of entry_points.txt.
        data_files: Paths below the `.data` folder; what lies in `scripts/` is made executable.
        record_rows: Given the right rows, returns the ones to write.
        metadata_first: Put METADATA at the front of the zip, as torch does, out of reach of a
            client that reads only the tail.
        padding_bytes: Size of a filler stored before everything but a leading METADATA.
    """
    escaped = canonicalize_name(name).replace("-", "_")
    stem = f"{escaped}-{version.replace('-', '_')}"
    info = f"{stem}.dist-info"
    own: dict[str, str | bytes] = {
        f"{info}/METADATA": _metadata(name, version, requires, requires_python, provides_extra),
        f"{info}/WHEEL": _wheel_file(tag, build),
    }
    if entry_points is not None:
        own[f"{info}/entry_points.txt"] = entry_points
    given: dict[str, str | bytes] = {f"{escaped}/{_PADDING}": _filler(stem, padding_bytes)} if padding_bytes else {}
    given |= {f"{escaped}/__init__.py": f'__version__ = "{version}"\n'} if files is None else files
    given |= {f"{stem}.data/{path}": content for path, content in (data_files or {}).items()}
    front = {f"{info}/METADATA": b""} if metadata_first else {}
    # The first mention of a path gives its place in the zip, the last one its content.
    members = {path: _encoded(content) for path, content in (front | given | own | given).items()}
    rows = _rows(members, record=f"{info}/RECORD")
    members.setdefault(f"{info}/RECORD", _csv(record_rows(rows) if record_rows else rows))
    return Wheel(
        filename="-".join(part for part in (stem, build, tag) if part) + ".whl",
        data=_zip(members),
        metadata=members[f"{info}/METADATA"],
    )
