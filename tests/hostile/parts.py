"""A sound wheel in its parts, to be spoiled in one of them."""

import csv
import hashlib
import io
from base64 import urlsafe_b64encode
from collections.abc import Callable
from dataclasses import dataclass, field

from tests.wheels import Wheel

from .rawzip import REGULAR, RawMember, RawZip

Row = list[str]
METADATA = "Metadata-Version: 2.1\nName: demo\nVersion: 1.0\n"
WHEEL = "Wheel-Version: 1.0\nGenerator: corpus\nRoot-Is-Purelib: true\nTag: py3-none-any\n"


@dataclass(kw_only=True)
class Parts:
    """What a wheel is made of; RECORD is made last, of all the rest."""

    filename: str = "demo-1.0-py3-none-any.whl"
    dist_info: str = "demo-1.0.dist-info"
    metadata: str | bytes | None = METADATA
    wheel: str | bytes | None = WHEEL
    entry_points: str | bytes | None = None
    files: dict[str, str | bytes] = field(default_factory=lambda: {"demo/__init__.py": "x = 1\n", "demo/a.py": ""})
    attributes: dict[str, int] = field(default_factory=dict)
    """External attributes of those files that are no ordinary ones."""
    folders: tuple[str, ...] = ()
    rows: Callable[[list[Row]], list[Row]] = lambda rows: rows
    """Given the right rows of RECORD, returns those to write."""
    record: str | bytes | None = ""
    """RECORD itself, instead of one made of `rows`; None for none."""
    frame: Callable[[RawZip], None] = lambda archive: None

    def contents(self) -> dict[str, bytes]:
        """Every file but RECORD, with its bytes."""
        own = {"METADATA": self.metadata, "WHEEL": self.wheel, "entry_points.txt": self.entry_points}
        named = {f"{self.dist_info}/{name}": text for name, text in own.items() if text is not None}
        return {name: text.encode() if isinstance(text, str) else text for name, text in (self.files | named).items()}

    def _record(self, contents: dict[str, bytes]) -> bytes | None:
        if self.record != "":
            return self.record.encode() if isinstance(self.record, str) else self.record
        rows = [[name, f"sha256={digest(data)}", str(len(data))] for name, data in contents.items()]
        text = io.StringIO()
        csv.writer(text, lineterminator="\n").writerows(self.rows([*rows, [f"{self.dist_info}/RECORD", "", ""]]))
        return text.getvalue().encode("utf-8", "surrogateescape")

    def build(self) -> Wheel:
        """Make the wheel."""
        contents = self.contents()
        record = self._record(contents)
        if record is not None:
            contents[f"{self.dist_info}/RECORD"] = record
        members = [RawMember(name=name.encode(), attributes=0o40755 << 16 | 0x10, method=0) for name in self.folders]
        for name, data in contents.items():
            flags = 0 if name.isascii() else 0x800
            attributes = self.attributes.get(name, REGULAR)
            members.append(RawMember(name=name.encode(), data=data, flags=flags, attributes=attributes))
        archive = RawZip(members=members)
        self.frame(archive)
        return Wheel(filename=self.filename, data=archive.to_bytes(), metadata=b"")


def digest(data: bytes, algorithm: str = "sha256") -> str:
    """A digest as RECORD spells it."""
    return urlsafe_b64encode(hashlib.new(algorithm, data).digest()).rstrip(b"=").decode("ascii")
