"""The hostile wheels: each is a sound one with one fault, and the code that it must be refused with."""

import stat
from collections.abc import Iterator

from .case import DATA, LINUX, MACOS, WINDOWS, Case, with_file
from .frames import FRAMES
from .parts import METADATA, WHEEL, Parts
from .places import entry_point_cases, place_cases
from .records import record_cases


def _frames() -> Iterator[Case]:
    for name, damage in FRAMES.items():
        # A wrong size contradicts RECORD too.
        also = frozenset({"record-invalid"} if name.endswith("bytes than said") else ())
        yield Case(name=f"frame: {name}", code="wheel-misframed", also=also, parts=Parts(frame=damage))


NAMES: dict[str, tuple[str, tuple[str, ...]]] = {
    "climbs out": ("../evil.py", (LINUX, WINDOWS)),
    "climbs out further down": ("demo/../../evil.py", (LINUX,)),
    "absolute": ("/etc/evil", (LINUX,)),
    "network share": ("//server/share/evil", (WINDOWS,)),
    "dot": ("./demo.py", (LINUX,)),
    "dot further down": ("demo/./a.py", (LINUX,)),
    "empty part": ("demo//a.py", (LINUX,)),
    "backslash": ("demo\\a.py", (LINUX, WINDOWS)),
    "climbs out by backslash": ("..\\evil.py", (LINUX, WINDOWS)),
    "drive": ("C:/evil.py", (LINUX, WINDOWS)),
    "drive without a slash": ("C:evil.py", (LINUX, WINDOWS)),
    "NUL": ("demo.py\0.txt", (LINUX,)),
    "newline": ("demo\n.py", (LINUX,)),
    "escape": ("demo\x1b[2J.py", (LINUX,)),
    "delete": ("demo\x7f.py", (LINUX,)),
    "control character beyond ASCII": ("demo\x9b.py", (LINUX,)),
    "right to left": ("demo\u202egnp.py", (LINUX,)),
    "isolate": ("demo\u2066.py", (LINUX,)),
    "zero width": ("de\u200bmo.py", (LINUX,)),
    "byte order mark": ("\ufeffdemo.py", (LINUX,)),
    "line separator": ("demo\u2028.py", (LINUX,)),
    "decomposed": ("cafe\u0301.py", (LINUX, MACOS)),
    "part too long": (f"{'a' * 256}.py", (LINUX, WINDOWS, MACOS)),
    "path too long": ("/".join(["abcdefgh"] * 600), (LINUX,)),
    "path too long for Windows": ("/".join(["abcdefgh"] * 30), (WINDOWS,)),
    "device": ("demo/nul", (WINDOWS,)),
    "device with extension": ("demo/aux.py", (WINDOWS,)),
    "device with superscript": ("demo/com\u00b9.py", (WINDOWS,)),
    "console device": ("demo/CONOUT$", (WINDOWS,)),
    "stream": ("demo/a.py:hidden", (WINDOWS,)),
    "dot at the end": ("demo/a.py.", (WINDOWS,)),
    "space at the end": ("demo/a.py ", (WINDOWS,)),
    "folder with a dot at the end": ("demo./a.py", (WINDOWS,)),
    "quote": ('demo/a".py', (WINDOWS,)),
    "star": ("demo/*.py", (WINDOWS,)),
    "less than": ("demo/<a>.py", (WINDOWS,)),
    "short name": ("demo/ABCDEF~1.PY", (WINDOWS,)),
}


def _names() -> Iterator[Case]:
    for name, (path, platforms) in NAMES.items():
        for platform in platforms:
            # RECORD is read with slashes for backslashes, and then lists no such file.
            also = frozenset({"record-invalid"} if "\\" in path else ())
            name_there = f"name: {name}, {platform}"
            yield Case(name=name_there, code="path-not-allowed", also=also, parts=with_file(path), platform=platform)
    yield Case(name="name: folder that climbs out", code="path-not-allowed", parts=Parts(folders=("../evil/",)))
    yield Case(name="name: absolute folder", code="path-not-allowed", parts=Parts(folders=("/evil/",)))
    dropped = "demo/__pycache__/../../../evil.pyc"
    yield Case(name="name: climbs out in what is dropped", code="path-not-allowed", parts=with_file(dropped))


def _types() -> Iterator[Case]:
    kinds = {
        "link": stat.S_IFLNK,
        "fifo": stat.S_IFIFO,
        "block device": stat.S_IFBLK,
        "character device": stat.S_IFCHR,
        "socket": stat.S_IFSOCK,
        "folder": stat.S_IFDIR,
        "unknown type": 0o030000,
    }
    for name, kind in kinds.items():
        attributes = {"demo/x": (kind | 0o777) << 16}
        yield Case(
            name=f"type: {name}", code="member-not-regular", parts=with_file("demo/x", "..", attributes=attributes)
        )
    in_scripts = f"{DATA}/scripts/x"
    link = {in_scripts: (stat.S_IFLNK | 0o777) << 16}
    yield Case(
        name="type: link as script", code="member-not-regular", parts=with_file(in_scripts, "/bin/sh", attributes=link)
    )
    dos = {"demo/x": 0x10}
    yield Case(name="type: DOS folder", code="member-not-regular", parts=with_file("demo/x", attributes=dos))


IDENTITIES: dict[str, Parts] = {
    "no dist-info": Parts(dist_info="demo"),
    "second dist-info": with_file("other-1.0.dist-info/METADATA"),
    "second dist-info of the same": with_file("Demo-1.0.dist-info/METADATA"),
    "second dist-info in capitals": with_file("other-1.0.DIST-INFO/METADATA"),
    "second dist-info as a folder": Parts(folders=("other-1.0.dist-info/",)),
    "second dist-info as a file": with_file("other-1.0.dist-info"),
    "dist-info of another project": Parts(dist_info="other-1.0.dist-info"),
    "dist-info of another version": Parts(dist_info="demo-1.1.dist-info"),
    "dist-info without version": Parts(dist_info="demo.dist-info"),
    "dist-info in capitals": Parts(dist_info="demo-1.0.DIST-INFO"),
    "dist-info with a look-alike": Parts(dist_info="d\u0435mo-1.0.dist-info"),
    "METADATA none": Parts(metadata=None),
    "METADATA of another project": Parts(metadata=METADATA.replace("demo", "other")),
    "METADATA of another version": Parts(metadata=METADATA.replace("1.0\n", "1.1\n")),
    "METADATA with a local version": Parts(metadata=METADATA.replace("1.0\n", "1.0+evil\n")),
    "METADATA with no version": Parts(metadata=METADATA.replace("Version: 1.0\n", "")),
    "METADATA with a version that is none": Parts(metadata=METADATA.replace("1.0\n", "one\n")),
    "METADATA with a version of thousands of digits": Parts(metadata=METADATA.replace("1.0\n", "9" * 5000 + "\n")),
    "METADATA with no name": Parts(metadata=METADATA.replace("Name: demo\n", "")),
    "METADATA with two names": Parts(metadata=METADATA + "Name: other\n"),
    "METADATA with two versions": Parts(metadata=METADATA + "Version: 2.0\n"),
    "METADATA with a look-alike": Parts(metadata=METADATA.replace("demo", "d\u0435mo")),
    "METADATA with the Kelvin sign": Parts(
        filename="k-1.0-py3-none-any.whl",
        dist_info="k-1.0.dist-info",
        metadata=METADATA.replace("demo", "\u212a"),
    ),
    "METADATA of an unknown major": Parts(metadata=METADATA.replace("2.1", "3.0")),
    "METADATA without its own version": Parts(metadata=METADATA.replace("Metadata-Version: 2.1\n", "")),
    "METADATA as HTML": Parts(metadata="<!doctype html><title>Sign in</title>\n"),
    "METADATA empty": Parts(metadata=""),
    "WHEEL none": Parts(wheel=None),
    "WHEEL empty": Parts(wheel=""),
    "WHEEL no UTF-8": Parts(wheel=b"\xff"),
    "WHEEL of the next major": Parts(wheel=WHEEL.replace("1.0", "2.0")),
    "WHEEL of major 10": Parts(wheel=WHEEL.replace("1.0", "10.0")),
    "WHEEL with a version of one part": Parts(wheel=WHEEL.replace("1.0", "1")),
    "WHEEL with a version and more": Parts(wheel=WHEEL.replace("1.0", "1.0evil")),
    "WHEEL with two versions": Parts(wheel=WHEEL + "Wheel-Version: 2.0\n"),
    "WHEEL with two roots": Parts(wheel=WHEEL + "Root-Is-Purelib: false\n"),
    "WHEEL with no root": Parts(wheel=WHEEL.replace("Root-Is-Purelib: true\n", "")),
    "WHEEL with an odd root": Parts(wheel=WHEEL.replace("true", "maybe")),
}
UNFIT: dict[str, tuple[Parts, str]] = {
    "another system": (Parts(filename="demo-1.0-cp311-cp311-win_amd64.whl"), LINUX),
    "another machine": (Parts(filename="demo-1.0-cp311-cp311-manylinux_2_17_aarch64.whl"), LINUX),
    "a newer glibc": (Parts(filename="demo-1.0-cp311-cp311-manylinux_2_99_x86_64.whl"), LINUX),
    "musl": (Parts(filename="demo-1.0-cp311-cp311-musllinux_1_2_x86_64.whl"), LINUX),
    "Linux on Windows": (Parts(filename="demo-1.0-cp311-cp311-manylinux_2_17_x86_64.whl"), WINDOWS),
    "a newer macOS": (Parts(filename="demo-1.0-cp311-cp311-macosx_26_0_arm64.whl"), MACOS),
    "another Python": (Parts(filename="demo-1.0-cp312-cp312-manylinux_2_17_x86_64.whl"), LINUX),
    "another implementation": (Parts(filename="demo-1.0-pp311-none-any.whl"), LINUX),
    "Python 2": (Parts(filename="demo-1.0-py2-none-any.whl"), LINUX),
    "free-threaded": (Parts(filename="demo-1.0-cp311-cp311t-manylinux_2_17_x86_64.whl"), LINUX),
    "Requires-Python above": (Parts(metadata=METADATA + "Requires-Python: >=3.12\n"), LINUX),
    "Requires-Python below": (Parts(metadata=METADATA + "Requires-Python: <3.11\n"), LINUX),
    "Requires-Python without this one": (Parts(metadata=METADATA + "Requires-Python: !=3.11.*\n"), LINUX),
}


def _identities() -> Iterator[Case]:
    for name, parts in IDENTITIES.items():
        yield Case(name=f"identity: {name}", code="wheel-not-itself", parts=parts)
    for name, (parts, platform) in UNFIT.items():
        yield Case(name=f"fit: {name}", code="wheel-does-not-fit", parts=parts, platform=platform)


def _sizes() -> Iterator[Case]:
    zeroes = bytes(65 << 20)
    yield Case(name="size: bomb", code="wheel-too-large", parts=with_file("demo/zeroes.bin", zeroes.decode()))


def hostile_cases() -> list[Case]:
    """All of them."""
    groups = (_frames, _names, _types, record_cases, _identities, place_cases, entry_point_cases, _sizes)
    return [case for group in groups for case in group()]
