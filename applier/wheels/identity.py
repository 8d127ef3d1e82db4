"""The rules of identity: lock, file name, `.dist-info`, METADATA and WHEEL speak of one and the same wheel. Pure.

Source: binary distribution format; core metadata; a name has one ASCII spelling once normalised, so that none is
mistaken for another.
"""

import re
from collections.abc import Iterable, Iterator
from email.parser import HeaderParser

from packaging.metadata import RawMetadata, parse_email
from packaging.utils import canonicalize_name, parse_wheel_filename
from packaging.version import Version

from locks import LockedWheel

from ..framing import Fault

DIST_INFO, DATA = ".dist-info", ".data"
_WHEEL_VERSION = re.compile("1\\.[0-9]{1,9}")
_END_OF_FIELDS = re.compile(rb"\r?\n\r?\n")
_METADATA_MAJORS = ("1", "2")


def _is_version(text: str, version: Version) -> bool:
    try:
        return text.isascii() and Version(text) == version
    except ValueError:  # InvalidVersion, or a number of more digits than Python takes
        return False


def _is_name(text: str, wheel: LockedWheel) -> bool:
    return text.isascii() and canonicalize_name(text) == wheel.name


def is_stem_of(stem: str, wheel: LockedWheel) -> bool:
    """Say whether `stem`, a folder's name without its suffix, is the wheel's name and version, joined by a dash."""
    return any(
        _is_name(stem[:place], wheel) and _is_version(stem[place + 1 :].replace("_", "-"), wheel.version)
        for place, letter in enumerate(stem)
        if letter == "-"
    )


def _folders(names: Iterable[str], suffix: str) -> list[str]:
    tops = {name.partition("/")[0] for name in names}
    return sorted(top for top in tops if top.casefold().endswith(suffix))


def find_dist_info(names: Iterable[str], wheel: LockedWheel) -> tuple[str, list[Fault]]:
    """Give the wheel's `.dist-info` folder, or what is wrong with it."""
    folders = _folders(names, DIST_INFO)
    if len(folders) != 1:
        return "", [Fault("", f"one {DIST_INFO} folder", ", ".join(map(repr, folders)) or "none")]
    if not folders[0].endswith(DIST_INFO) or not is_stem_of(folders[0].removesuffix(DIST_INFO), wheel):
        expected = f"the {DIST_INFO} folder of {wheel.name} {wheel.version}"
        return "", [Fault(folders[0], expected, repr(folders[0]))]
    return folders[0], []


def find_data(names: Iterable[str], wheel: LockedWheel) -> tuple[str, list[Fault]]:
    """Give the wheel's `.data` folder, or the name it would have, and what is wrong with this or others."""
    folders = _folders(names, DATA)
    own = [top for top in folders if top.endswith(DATA) and is_stem_of(top.removesuffix(DATA), wheel)]
    foreign = [top for top in folders if "-" in top and top not in own]
    faults = [Fault(top, f"no {DATA} folder but that of {wheel.name} {wheel.version}", repr(top)) for top in foreign]
    if len(own) > 1:
        faults.append(Fault(own[1], f"one {DATA} folder", ", ".join(map(repr, own))))
    return own[0] if own else f"{wheel.name}-{wheel.version}{DATA}", faults


def is_metadata(top: str) -> bool:
    """Say whether a name in site-packages makes a package known to be installed."""
    return top.casefold().endswith((DIST_INFO, ".egg-info", ".egg-link"))


def is_own_metadata(top: str, dist_info: str, wheel: LockedWheel) -> bool:
    """Say whether it is this wheel that it makes known; some ship the `.egg-info` they were made of."""
    return top == dist_info or (
        top.endswith(".egg-info") and _is_name(top.removesuffix(".egg-info").partition("-")[0], wheel)
    )


def filename_faults(wheel: LockedWheel) -> Iterator[Fault]:
    """Judge whether the file name is that of the wheel which the lock names."""
    try:
        name, version, _, _ = parse_wheel_filename(wheel.filename)
    except ValueError as error:
        yield Fault("", "a wheel's file name", str(error))
        return
    if not wheel.filename.isascii() or (name, version) != (wheel.name, wheel.version):
        yield Fault("", f"a file name for {wheel.name} {wheel.version}", repr(wheel.filename))


def read_metadata(data: bytes) -> RawMetadata:
    """Read the fields of METADATA that stand there once and in UTF-8.

    What follows them, the description, says nothing here, and a nested multipart one would exhaust the stack.
    """
    return parse_email(_END_OF_FIELDS.split(data, maxsplit=1)[0] + b"\n\n")[0]


def metadata_faults(raw: RawMetadata, wheel: LockedWheel, *, member: str) -> Iterator[Fault]:
    """Judge METADATA: whose it is, and whether its form is known."""
    name, version, form = raw.get("name", ""), raw.get("version", ""), raw.get("metadata_version", "")
    if not _is_name(name, wheel):
        yield Fault(member, f"Name: {wheel.name}, once", repr(name))
    if not _is_version(version, wheel.version):
        yield Fault(member, f"Version: {wheel.version}, once", repr(version))
    if form.partition(".")[0] not in _METADATA_MAJORS:
        yield Fault(member, "Metadata-Version: 1 or 2, once", repr(form))


def wheel_file_faults(text: str, *, member: str) -> Iterator[Fault]:
    """Judge WHEEL: a version that is known, and one answer to where its root goes."""
    fields = HeaderParser().parsestr(text)
    versions = [str(value).strip() for value in fields.get_all("Wheel-Version", [])]
    if len(versions) != 1 or not _WHEEL_VERSION.fullmatch(versions[0]):
        yield Fault(member, "Wheel-Version: 1.x, once", ", ".join(map(repr, versions)) or "none")
    roots = [str(value).strip().lower() for value in fields.get_all("Root-Is-Purelib", [])]
    if len(roots) != 1 or roots[0] not in ("true", "false"):
        yield Fault(member, "Root-Is-Purelib: true or false, once", ", ".join(map(repr, roots)) or "none")
