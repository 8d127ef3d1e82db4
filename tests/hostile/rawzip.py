"""Zips written field by field, so that every one of them can lie. Own records, not those of the code under test."""

import stat
import struct
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field

REGULAR = (stat.S_IFREG | 0o644) << 16


def deflate(data: bytes) -> bytes:
    """Deflate without a zlib header, as zips have it."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    return packer.compress(data) + packer.flush()


def extra(kind: int, data: bytes) -> bytes:
    """One extra field."""
    return struct.pack("<2H", kind, len(data)) + data


@dataclass(kw_only=True)
class RawMember:
    """One member; `local` and `central` change fields of its headers after the true ones are known."""

    name: bytes
    data: bytes = b""
    method: int = 8
    flags: int = 0
    attributes: int = REGULAR
    local: dict[str, int] = field(default_factory=dict)
    central: dict[str, int] = field(default_factory=dict)
    local_name: bytes | None = None
    local_extra: bytes = b""
    central_extra: bytes = b""
    comment: bytes = b""
    body: bytes | None = None
    """What lies in the zip, where it is not `data` compressed."""
    descriptor: bytes = b""
    gap: bytes = b""
    """What lies before the local header."""

    def packed(self) -> bytes:
        """What lies in the zip."""
        if self.body is not None:
            return self.body
        return deflate(self.data) if self.method == 8 else self.data

    def fields(self) -> dict[str, int]:
        """The true fields of both headers."""
        packed = self.packed()
        return {
            "flags": self.flags,
            "method": self.method,
            "crc": zlib.crc32(self.data),
            "compressed": len(packed),
            "size": len(self.data),
            "disk": 0,
            "attributes": self.attributes,
        }

    def stream_descriptor(self, *, is_marked: bool = True, is_wide: bool = False, **lies: int) -> None:
        """Move checksum and sizes behind the data, as who writes to a pipe does; `lies` change them there."""
        self.flags |= 8
        said = self.fields() | lies
        sizes = struct.pack("<I2Q" if is_wide else "<3I", said["crc"], said["compressed"], said["size"])
        self.descriptor = (b"PK\x07\x08" if is_marked else b"") + sizes
        self.local |= {"crc": 0, "compressed": 0, "size": 0}

    def local_header(self) -> bytes:
        """The local header and all that belongs to the member."""
        said = self.fields() | self.local
        name = self.name if self.local_name is None else self.local_name
        head = struct.pack(
            "<4s5H3I2H", b"PK\x03\x04", 20, said["flags"], said["method"], 0, 33, said["crc"], said["compressed"],
            said["size"], said.get("name_length", len(name)), said.get("extra_length", len(self.local_extra)),
        )  # fmt: skip
        return head + name + self.local_extra + self.packed() + self.descriptor

    def central_header(self, offset: int) -> bytes:
        """The central record."""
        said = {"offset": offset} | self.fields() | self.central
        head = struct.pack(
            "<4s6H3I5H2I", b"PK\x01\x02", 3 << 8 | 20, 20, said["flags"], said["method"], 0, 33, said["crc"],
            said["compressed"], said["size"], said.get("name_length", len(self.name)),
            said.get("extra_length", len(self.central_extra)), said.get("comment_length", len(self.comment)),
            said["disk"], 0, said["attributes"], said["offset"],
        )  # fmt: skip
        return head + self.name + self.central_extra + self.comment


@dataclass(kw_only=True)
class RawZip:
    """A whole zip; the maps change fields of its end records."""

    members: list[RawMember]
    directory: list[RawMember] | None = None
    """What the directory lists, where it is not `members`; offsets are found by the member's identity."""
    prefix: bytes = b""
    before_directory: bytes = b""
    before_end: bytes = b""
    end: dict[str, int] = field(default_factory=dict)
    end64: Mapping[str, int] | None = None
    """There is a 64-bit end record when this is not None."""
    locator: dict[str, int] = field(default_factory=dict)
    end_mark: bytes = b"PK\x05\x06"
    comment: bytes = b""
    suffix: bytes = b""

    def to_bytes(self) -> bytes:
        """Write it."""
        data = self.prefix
        offsets: dict[int, int] = {}
        for member in self.members:
            data += member.gap
            offsets[id(member)] = len(data)
            data += member.local_header()
        data += self.before_directory
        start = len(data)
        listed = self.members if self.directory is None else self.directory
        data += b"".join(member.central_header(offsets.get(id(member), 0)) for member in listed)
        true = {"count": len(listed), "here": len(listed), "disk": 0, "directory_disk": 0}
        true |= {"directory_size": len(data) - start, "offset": start, "comment_length": len(self.comment)}
        data += self.before_end
        if self.end64 is not None:
            data += self._end64(true, len(data))
        said = true | self.end
        data += struct.pack(
            "<4s4H2IH", self.end_mark, said["disk"], said["directory_disk"], said["here"], said["count"],
            said["directory_size"], said["offset"], said["comment_length"],
        )  # fmt: skip
        return data + self.comment + self.suffix

    def _end64(self, true: Mapping[str, int], place: int) -> bytes:
        said = {**true, "length": 44, **(self.end64 or {})}
        record = struct.pack(
            "<4sQ2H2I4Q", b"PK\x06\x06", said["length"], 45, 45, said["disk"], said["directory_disk"], said["here"],
            said["count"], said["directory_size"], said["offset"],
        )  # fmt: skip
        locator = {"disk": 0, "offset": place, "disks": 1} | self.locator
        return record + struct.pack("<4sIQI", b"PK\x06\x07", locator["disk"], locator["offset"], locator["disks"])
