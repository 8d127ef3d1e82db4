"""Odd wheels that are valid all the same, and harmless ones of which something is left out."""

import hashlib
import stat
import struct
import zlib
from collections.abc import Callable
from dataclasses import dataclass, replace

from .case import LINUX, MACOS, SITE, WINDOWS
from .parts import METADATA, WHEEL, Parts, digest
from .rawzip import RawMember, RawZip, extra

DATA = "demo-1.0.data"
FULL32, FULL16 = 0xFFFFFFFF, 0xFFFF


def _each(change: Callable[[RawMember], object]) -> Parts:
    """Change every member."""

    def damage(archive: RawZip) -> None:
        for member in archive.members:
            change(member)

    return Parts(frame=damage)


def _update(**fields: object) -> Callable[[RawMember], None]:
    def change(member: RawMember) -> None:
        for name, value in fields.items():
            setattr(member, name, value)

    return change


def _archive(**fields: object) -> Parts:
    def damage(archive: RawZip) -> None:
        for name, value in fields.items():
            setattr(archive, name, value)

    return Parts(frame=damage)


def _wide_sizes(member: RawMember) -> None:
    sizes = extra(1, struct.pack("<2Q", len(member.data), len(member.packed())))
    both = {"size": FULL32, "compressed": FULL32}
    _update(local=both, central=both, local_extra=sizes, central_extra=sizes)(member)


def _forced_wide(member: RawMember) -> None:
    """As CPython before 3.11.4 with `force_zip64`: the 64-bit field repeats what 32 bits hold."""
    member.local_extra = extra(1, struct.pack("<2Q", len(member.data), len(member.packed())))


def _wide_stream(member: RawMember) -> None:
    member.stream_descriptor(is_wide=True)
    member.local_extra = extra(1, bytes(16))
    member.local |= {"size": FULL32, "compressed": FULL32}


def _stored_stream(member: RawMember) -> None:
    member.method = 0
    member.stream_descriptor()


def _same_unicode_path(member: RawMember) -> None:
    member.local_extra = member.central_extra = extra(
        0x7075, struct.pack("<BI", 1, zlib.crc32(member.name)) + member.name
    )


def _backwards(archive: RawZip) -> None:
    archive.directory = list(reversed(archive.members))


def _record_first(archive: RawZip) -> None:
    archive.members.insert(0, archive.members.pop())


def _files(**more: object) -> Callable[..., Parts]:
    return lambda *names: replace(Parts(files={"demo.py": "", **dict.fromkeys(names, "x")}), **more)  # type: ignore[arg-type]


def _text(before: str, after: str) -> Parts:
    return Parts(metadata=METADATA.replace(before, after))


def _strong(algorithm: str) -> Parts:
    return Parts(
        files={"demo.py": "x"},
        rows=lambda rows: [[rows[0][0], f"{algorithm}={digest(b'x', algorithm)}", "1"], *rows[1:]],
    )


def _named(filename: str, stem: str, name: str, version: str = "1.0") -> Parts:
    metadata = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
    return Parts(filename=f"{filename}-py3-none-any.whl", dist_info=f"{stem}.dist-info", metadata=metadata)


def _scripts(text: str) -> Parts:
    return Parts(entry_points=text)


_NAMES = _files()
VALID: dict[str, Parts] = {
    "plain": Parts(),
    # The frame.
    "stored": _each(_update(method=0)),
    "descriptors": _each(lambda member: member.stream_descriptor()),
    "descriptors without their mark": _each(lambda member: member.stream_descriptor(is_marked=False)),
    "descriptors of 64 bits": _each(_wide_stream),
    "descriptors of stored members": _each(_stored_stream),
    "hints of the deflater": _each(_update(flags=0x2)),
    "names marked as UTF-8": _each(_update(flags=0x800)),
    "comment": _archive(comment=b"made by hand"),
    "comments of members": _each(_update(comment=b"made by hand")),
    "times in extra fields": _each(
        _update(local_extra=extra(0x5455, b"\3" + bytes(8)), central_extra=extra(0x5455, b"\3" + bytes(4)))
    ),
    "owners in extra fields": _each(
        _update(local_extra=extra(0x7875, bytes(11)), central_extra=extra(0x7875, bytes(11)))
    ),
    "the same name in an extra field": _each(_same_unicode_path),
    "64-bit sizes": _each(_wide_sizes),
    "64-bit sizes, not called for": _each(_forced_wide),
    "64-bit end record": _archive(
        end64={}, end={"count": FULL16, "here": FULL16, "directory_size": FULL32, "offset": FULL32}
    ),
    "64-bit end record, not called for": _archive(end64={}),
    "64-bit end record and a comment": _archive(end64={}, comment=b"made by hand"),
    "directory in another order": Parts(frame=_backwards),
    "RECORD first": Parts(frame=_record_first),
    "folders": Parts(folders=("demo/", "demo-1.0.dist-info/", "empty/")),
    "no modes": _each(_update(attributes=0)),
    "modes without a type": _each(_update(attributes=0o644 << 16)),
    "modes that allow nothing": _each(_update(attributes=stat.S_IFREG << 16)),
    "a zip in it": Parts(files={"demo/inner.zip": RawZip(members=[RawMember(name=b"x", data=b"y")]).to_bytes()}),
    "empty files": _NAMES("demo/__init__.py", "demo/py.typed"),
    # Names.
    "space": _NAMES("demo/a b.txt"),
    "composed": _NAMES("demo/caf\u00e9.py"),
    "another script": _NAMES("demo/\u6f22\u5b57.txt"),
    "beyond the first plane": _NAMES("demo/\U0001f40d.txt"),
    "comma and quote": _NAMES("demo/a,b.txt"),
    "dots": _NAMES("demo/..a", "demo/b..c", "demo/.hidden", "demo/...d"),
    "tilde and percent": _NAMES("demo/a~.py", "demo/%41.py"),
    "names like the environment's": _NAMES("python/__init__.py", "activate.py", "demo/pyvenv.cfg", "bin/python"),
    "folder of bytecode by name alone": _NAMES("demo/__pycache__.py"),
    "vendored metadata": _NAMES("demo/_vendor/other-1.0.dist-info/METADATA", "demo/other-1.0.data/x"),
    "folder called .data": _NAMES("demo.data/x.txt"),
    "own egg-info": _NAMES("demo-1.0.egg-info/PKG-INFO"),
    "path file": _NAMES("demo.pth"),
    # RECORD.
    "RECORD with carriage returns": Parts(record=None, files={}, frame=lambda archive: _own_record(archive, "\r\n")),
    "RECORD without a last newline": Parts(
        record=None, files={}, frame=lambda archive: _own_record(archive, "\n", cut=1)
    ),
    "RECORD in another order": Parts(rows=lambda rows: rows[::-1]),
    "RECORD with backslashes": Parts(rows=lambda rows: [[rows[0][0].replace("/", "\\"), *rows[0][1:]], *rows[1:]]),
    "sha384": _strong("sha384"),
    "sha512": _strong("sha512"),
    "hashes in hexadecimal": Parts(
        files={"demo.py": "x"},
        rows=lambda rows: [[rows[0][0], f"sha256={hashlib.sha256(b'x').hexdigest()}", "1"], *rows[1:]],
    ),
    # Identity.
    "dist-info in capitals": _named("demo-1.0", "Demo-1.0", "Demo"),
    "names with underscores": _named("my_demo-1.0", "my_demo-1.0", "my-demo"),
    "names with dots": _named("my.demo-1.0", "my.demo-1.0", "My.Demo"),
    "dist-info with a dash": _named("my_demo-1.0", "my-demo-1.0", "my_demo"),
    "version of another spelling": _named("demo-1.0", "demo-1.0", "demo", "1.0.0"),
    "version that is not normal": _named("demo-1.0rc1", "demo-1.0rc1", "demo", "1.0-RC.1"),
    "local version": _named("demo-1.0+cu124", "demo-1.0+cu124", "demo", "1.0+cu124"),
    "epoch": _named("demo-1!1.0", "demo-1!1.0", "demo", "1!1.0"),
    "build number": Parts(filename="demo-1.0-7_x-py3-none-any.whl"),
    "several tags": Parts(filename="demo-1.0-py2.py3-none-any.whl"),
    "old metadata": _text("2.1", "1.0"),
    "new metadata": _text("2.1", "2.9"),
    "unknown field": Parts(metadata=METADATA + "Weather: fine\n"),
    "description": Parts(metadata=METADATA + "\nName: other\n"),
    "description of other letters": Parts(metadata=METADATA.encode() + b"\n\xff\xfe\n"),
    "Requires-Python that admits": Parts(metadata=METADATA + "Requires-Python: >=3.9,<4\n"),
    "description that nests without end": Parts(
        metadata=METADATA.replace("Name", "Content-Type: multipart/mixed; boundary=x\nName")
        + "\n"
        + "--x\nContent-Type: multipart/mixed; boundary=x\n\n" * 2000
    ),
    "Requires-Python of thousands of digits": Parts(metadata=METADATA + f"Requires-Python: >={'9' * 5000}\n"),
    "Requires-Python that cannot be read": Parts(metadata=METADATA + "Requires-Python: >=three\n"),
    "WHEEL of a later minor": Parts(wheel=WHEEL.replace("1.0", "1.9")),
    "WHEEL in capitals": Parts(wheel=WHEEL.replace("true", "True")),
    "WHEEL of other tags": Parts(wheel=WHEEL.replace("py3-none-any", "cp27-none-any")),
    "WHEEL with carriage returns": Parts(wheel=WHEEL.replace("\n", "\r\n")),
    # What goes elsewhere.
    "all five keys": _NAMES(*(f"{DATA}/{key}/x" for key in ("purelib", "platlib", "headers", "scripts"))),
    "data at the top": _NAMES(f"{DATA}/data/NOTICE", f"{DATA}/data/etc/demo/x.json", f"{DATA}/data/share/demo/y"),
    "data among scripts": _NAMES(f"{DATA}/data/bin/demo-tool"),
    "data among modules": _NAMES(f"{DATA}/data/{SITE[LINUX]}/demo_extra.py"),
    "the same bytes twice": Parts(files={"demo.py": "x", f"{DATA}/purelib/demo.py": "x"}),
    "scripts like the environment's": _NAMES(f"{DATA}/scripts/python-config", f"{DATA}/scripts/pythonic"),
    "entry point": _scripts("[console_scripts]\ndemo = demo:main\n"),
    "entry point with extras": _scripts("[console_scripts]\ndemo = demo.cli : main [extra, more]\n"),
    "entry point of an attribute": _scripts("[console_scripts]\ndemo=demo.cli:App.run\n"),
    "entry point of odd names": _scripts("[console_scripts]\n2to3 = demo:a\n_x = demo:b\na.b-c = demo:c\n"),
    "entry point for windows": _scripts("[gui_scripts]\ndemo = demo:main\n"),
    "entry points for others": _scripts("# said\n[my group]\na b c = demo\n%(x)s = demo:y\n[console_scripts]\n"),
    "entry points with carriage returns": _scripts("[console_scripts]\r\ndemo = demo:main\r\n"),
    "no entry points": _scripts(""),
}
VALID_ELSEWHERE: dict[str, tuple[str, Parts]] = {
    "names of two cases": (LINUX, Parts(files={"a.py": "1", "A.py": "2"})),
    "the longest name": (LINUX, _NAMES("a" * 252 + ".py")),
    "a device's name": (LINUX, _NAMES("demo/aux.py", "demo/a:b", "demo/c?")),
    "a short name": (LINUX, _NAMES("PYVENV~1.CFG")),
    "Windows' interpreter": (LINUX, _NAMES(f"{DATA}/data/Scripts/python.exe")),
    "POSIX' interpreter": (WINDOWS, _NAMES(f"{DATA}/data/bin/python")),
    "lib64 elsewhere": (WINDOWS, _NAMES(f"{DATA}/data/share/lib64/x")),
    "Windows": (WINDOWS, Parts(filename="demo-1.0-cp311-cp311-win_amd64.whl")),
    "stable ABI": (WINDOWS, Parts(filename="demo-1.0-cp37-abi3-win_amd64.whl")),
    "old manylinux": (LINUX, Parts(filename="demo-1.0-cp311-cp311-manylinux1_x86_64.manylinux_2_5_x86_64.whl")),
    "universal macOS": (MACOS, Parts(filename="demo-1.0-cp311-cp311-macosx_11_0_universal2.whl")),
}


def _own_record(archive: RawZip, newline: str, cut: int = 0) -> None:
    """Add a RECORD of other line ends."""
    rows = [f"{each.name.decode()},sha256={digest(each.data)},{len(each.data)}" for each in archive.members]
    text = newline.join([*rows, "demo-1.0.dist-info/RECORD,,", ""])
    data = text[: len(text) - cut].encode()
    archive.members.append(RawMember(name=b"demo-1.0.dist-info/RECORD", data=data))


@dataclass(frozen=True, kw_only=True)
class Harmless:
    """A wheel that is accepted, of which something is not taken."""

    parts: Parts
    dropped: str = ""
    """Path in site-packages that is not planned."""
    plain: str = ""
    """Path in site-packages of which nothing but the right to be executed is taken over."""
    is_executable: bool = False


def _unlisted(name: str) -> Parts:
    path = f"demo-1.0.dist-info/{name}"
    return Parts(files={"demo.py": "", path: "x"}, rows=lambda rows: [row for row in rows if row[0] != path])


def _mode(mode: int) -> Parts:
    return Parts(files={"demo/x": "x"}, attributes={"demo/x": (stat.S_IFREG | mode) << 16})


HARMLESS: dict[str, Harmless] = {
    "stale bytecode": Harmless(
        parts=_NAMES("demo/__pycache__/x.cpython-311.pyc"), dropped="demo/__pycache__/x.cpython-311.pyc"
    ),
    "bytecode at the top": Harmless(parts=_NAMES("__pycache__/demo.pyc"), dropped="__pycache__/demo.pyc"),
    "bytecode by purelib": Harmless(
        parts=_NAMES(f"{DATA}/purelib/__pycache__/demo.pyc"), dropped="__pycache__/demo.pyc"
    ),
    "bytecode in capitals": Harmless(parts=_NAMES("demo/__PYCACHE__/x.pyc"), dropped="demo/__PYCACHE__/x.pyc"),
    "direct_url.json in capitals": Harmless(
        parts=_NAMES("demo-1.0.dist-info/DIRECT_URL.json"), dropped="demo-1.0.dist-info/DIRECT_URL.json"
    ),
    "REQUESTED": Harmless(parts=_NAMES("demo-1.0.dist-info/REQUESTED"), dropped="demo-1.0.dist-info/REQUESTED"),
    "direct_url.json": Harmless(
        parts=_NAMES("demo-1.0.dist-info/direct_url.json"), dropped="demo-1.0.dist-info/direct_url.json"
    ),
    "RECORD.jws": Harmless(parts=_unlisted("RECORD.jws"), dropped="demo-1.0.dist-info/RECORD.jws"),
    "RECORD.p7s": Harmless(parts=_unlisted("RECORD.p7s"), dropped="demo-1.0.dist-info/RECORD.p7s"),
    "setuid": Harmless(parts=_mode(0o4755), plain="demo/x", is_executable=True),
    "setgid": Harmless(parts=_mode(0o2644), plain="demo/x"),
    "sticky": Harmless(parts=_mode(0o1644), plain="demo/x"),
    "writable for all": Harmless(parts=_mode(0o666), plain="demo/x"),
    "writable and executable for all": Harmless(parts=_mode(0o777), plain="demo/x", is_executable=True),
}
