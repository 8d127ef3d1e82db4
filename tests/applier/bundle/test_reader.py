"""The bundle on disk: whatever was done to it is noticed, and named."""

import io
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from locks import Error

from applier.bundle.reader import Bundle, Slice
from applier.errors import BundleDamaged
from bundler.archive import Source, write_archive
from tests.bundles import (
    bare_members,
    edit_contents,
    flip_bit,
    make_bundle,
    put_member,
    read_members,
    relist,
    remove_member,
    truncate,
)
from tests.wheels import make_wheel

DEMO = make_wheel("demo", "1.0")
MEMBER = "wheels/demo-1.0-py3-none-any.whl"


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    """A bundle of one wheel, without the runner: small, so that it can be damaged everywhere."""
    path = tmp_path / "bundle.zip"
    write_archive(path, bare_members(DEMO))
    return path


def judge(path: Path) -> None:
    """What `apply` does before it believes a bundle."""
    Bundle.open(path).verify()


def test_a_whole_bundle_is_opened_and_verified(tmp_path: Path) -> None:
    """A bundle as the bundler writes it passes, its wheels are reported, and its members read as they are."""
    path = make_bundle(tmp_path / "bundle.zip")
    lines: list[str] = []
    bundle = Bundle.open(path)
    bundle.verify(lines.append)
    members = read_members(path)

    assert lines == [
        f"checking {member.name}" for member in bundle.contents.members if member.name.startswith("wheels/")
    ]
    assert {member.name for member in bundle.contents.members} == members.keys() - {"bundle.json"}
    for name, data in members.items():
        with bundle.open_member(name) as stream:
            assert stream.read() == data


def _swap_wheel(path: Path) -> None:
    put_member(path, MEMBER, make_wheel("demo", "1.0", files={"demo.py": "evil = True\n"}).data)


def _swap_wheel_and_list_it(path: Path) -> None:
    _swap_wheel(path)
    relist(path)


def _edit_lock(path: Path) -> None:
    put_member(path, "pylock.toml", read_members(path)["pylock.toml"].replace(b"2026.11", b"2026.12"))


def _break_lock(path: Path) -> None:
    put_member(path, "pylock.toml", b"lock-version = ")


def _break_lock_and_list_it(path: Path) -> None:
    _break_lock(path)
    relist(path)


def _forge(path: Path) -> None:
    """Have bundle.json list a lock without the wheel."""
    members = bare_members(make_wheel("other", "1.0"))
    write_archive(path, {**members, MEMBER: DEMO.data})
    relist(path)


def _compress(path: Path) -> None:
    members = read_members(path)
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in members.items():
            archive.writestr(name, data, zipfile.ZIP_DEFLATED if name == MEMBER else zipfile.ZIP_STORED)


def _duplicate(path: Path) -> None:
    with zipfile.ZipFile(path, "a") as archive, pytest.warns(UserWarning, match="Duplicate name"):
        archive.writestr(MEMBER, DEMO.data)


def _flip_in_wheel(path: Path) -> None:
    flip_bit(path, path.read_bytes().index(DEMO.data) + 10)


def _point_beyond_the_end(path: Path) -> None:
    """Make the wheel's central entry claim a gigabyte."""
    data = bytearray(path.read_bytes())
    entry = data.rindex(MEMBER.encode()) - 46
    data[entry + 20 : entry + 28] = (1 << 30).to_bytes(4, "little") * 2
    path.write_bytes(data)


def _break_local_header(path: Path) -> None:
    with zipfile.ZipFile(path) as archive:
        offset = archive.getinfo(MEMBER).header_offset
    flip_bit(path, offset)


def _far_offset(path: Path) -> None:
    """Give the wheel an offset of 64 bits that no file has."""
    members = read_members(path)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, data in members.items():
            archive.writestr(name, data)
        archive.getinfo(MEMBER).header_offset = (1 << 64) - 100
    path.write_bytes(buffer.getvalue())


def _name_not_utf8(path: Path) -> None:
    """Flag the wheel's name as UTF-8 and make it none."""
    data = bytearray(path.read_bytes())
    name = data.rindex(MEMBER.encode())
    data[name - 46 + 9] |= 0x08
    data[name] = 0xFF
    path.write_bytes(data)


DAMAGE: list[tuple[str, Callable[[Path], object], str, str]] = [
    ("extra member", lambda path: put_member(path, "evil.py", b"x"), "evil.py", "one that is not"),
    ("extra wheel", lambda path: put_member(path, "wheels/x.whl", b"x"), "wheels/x.whl", "one that is not"),
    ("missing wheel", lambda path: remove_member(path, MEMBER), MEMBER, "none"),
    ("missing member", lambda path: remove_member(path, "__main__.py"), "__main__.py", "none"),
    ("swapped wheel", _swap_wheel, MEMBER, ""),
    ("swapped and listed wheel", _swap_wheel_and_list_it, MEMBER, "(bundle.json)"),
    ("wheel of another lock", _forge, MEMBER, "one it does not"),
    ("edited lock", _edit_lock, "pylock.toml", ""),
    ("broken lock", _break_lock, "pylock.toml", ""),
    ("broken and listed lock", _break_lock_and_list_it, "pylock.toml", "Invalid value"),
    ("changed member", lambda path: put_member(path, "__main__.py", b"evil"), "__main__.py", ""),
    ("another target", lambda path: edit_contents(path, target="cpu-x-py311"), "bundle.json", "cpu-x-py311"),
    ("compressed member", _compress, MEMBER, "a compressed or encrypted one"),
    ("member twice", _duplicate, MEMBER, "2"),
    ("flipped bit", _flip_in_wheel, MEMBER, ""),
    ("size beyond the end", _point_beyond_the_end, MEMBER, "an end beyond it"),
    ("broken local header", _break_local_header, "bundle.zip", MEMBER),
    ("offset of no file", _far_offset, "bundle.zip", ""),
    ("name that is no text", _name_not_utf8, "bundle.zip", ""),
    ("no bundle.json", lambda path: remove_member(path, "bundle.json"), "bundle.zip", "bundle.json"),
    ("no lock", lambda path: remove_member(path, "pylock.toml"), "bundle.zip", "pylock.toml"),
    ("no zip", lambda path: path.write_bytes(b"hello" * 100), "bundle.zip", "not a zip file"),
    ("empty", lambda path: truncate(path, 0), "bundle.zip", "not a zip file"),
    ("not there", Path.unlink, "bundle.zip", "No such file or directory"),
]


@pytest.mark.parametrize(("damage", "where", "found"), [pytest.param(*row[1:], id=row[0]) for row in DAMAGE])
def test_damage_is_noticed_and_named(damage: Callable[[Path], object], where: str, found: str, bundle: Path) -> None:
    """Whatever was done to a bundle, it is refused, and a problem names the member (or the file)."""
    damage(bundle)
    with pytest.raises(BundleDamaged) as caught:
        judge(bundle)
    named = [problem for problem in caught.value.problems if problem.where.endswith(where)]

    assert named
    assert found in named[0].found


def test_a_folder_is_no_bundle(tmp_path: Path) -> None:
    """A folder given for a bundle is refused like any other file that is none."""
    with pytest.raises(BundleDamaged, match="expected a venvault bundle, found Is a directory"):
        Bundle.open(tmp_path)


def test_everything_that_is_wrong_is_listed(bundle: Path) -> None:
    """Several missing and extra members are told in one go, sorted."""
    remove_member(bundle, MEMBER)
    remove_member(bundle, "__main__.py")
    put_member(bundle, "a.txt", b"")
    with pytest.raises(BundleDamaged) as caught:
        Bundle.open(bundle)

    assert [problem.where for problem in caught.value.problems] == ["__main__.py", "a.txt", MEMBER]
    assert str(caught.value.problems[1]) == (
        "bundle-damaged: a.txt: expected a member listed in bundle.json, found one that is not "
        "(copy the bundle again, or ask its maker for a new one)"
    )


def test_a_cut_bundle_is_never_taken_for_a_whole_one(bundle: Path) -> None:
    """Cut anywhere, also where the wheel inside ends, the bundle is refused."""
    whole = bundle.read_bytes()
    wheel_end = whole.index(DEMO.data) + DEMO.size_bytes
    lengths = {*range(0, len(whole), 97), *range(len(whole) - 60, len(whole)), wheel_end - 1, wheel_end, wheel_end + 1}
    for length in sorted(lengths):
        bundle.write_bytes(whole[:length])
        with pytest.raises(BundleDamaged):
            judge(bundle)


def test_a_flipped_bit_is_noticed_or_changes_nothing(bundle: Path) -> None:
    """A bit flipped anywhere in the headers is refused, or the members read as before; nothing else is raised."""
    whole = bundle.read_bytes()
    members = read_members(bundle)
    directory = whole.index(b"PK\x01\x02", whole.index(DEMO.data) + DEMO.size_bytes)
    headers = [*range(directory, len(whole)), *range(60)]
    noticed = 0
    for position in headers:
        flip_bit(bundle, position, bit=position % 8)
        try:
            opened = Bundle.open(bundle)
            opened.verify()
        except BundleDamaged:
            noticed += 1
        else:
            with opened.open_member(MEMBER) as stream:
                assert stream.read() == members[MEMBER]
        bundle.write_bytes(whole)

    assert noticed > len(headers) / 2


def test_a_bundle_that_vanishes_while_it_is_read_is_damaged(bundle: Path) -> None:
    """A drive unplugged between opening and hashing is told like damage, naming the members."""
    opened = Bundle.open(bundle)
    bundle.unlink()
    with pytest.raises(Error) as caught:
        opened.verify()

    assert MEMBER in [problem.where for problem in caught.value.problems]


def test_a_slice_is_a_file_of_its_own(tmp_path: Path) -> None:
    """A stretch of a file reads, seeks and ends like a file, and keeps the name given."""
    path = tmp_path / "whole"
    path.write_bytes(b"0123456789")
    with Slice(path, start=2, size_bytes=5, name="part") as part:
        assert (part.name, part.readable(), part.seekable()) == ("part", True, True)
        assert part.read() == b"23456"
        assert part.read(1) == b""
        assert part.seek(-2, io.SEEK_END) == 3
        assert part.read(10) == b"56"
        assert part.seek(1) == 1
        assert part.seek(1, io.SEEK_CUR) == 2
        assert part.read(1) == b"4"
        assert part.tell() == 3
        assert part.seek(-9, io.SEEK_CUR) == 0
        assert part.seek(99) == 99
        assert part.read() == b""


def test_members_are_read_side_by_side(bundle: Path) -> None:
    """Two handles of one bundle do not move each other."""
    opened = Bundle.open(bundle)
    with opened.open_member(MEMBER) as first, opened.open_member(MEMBER) as second:
        start = first.read(4)

        assert second.read() == DEMO.data
        assert start + first.read() == DEMO.data


def test_members_beyond_ascii_are_read(bundle: Path) -> None:
    """A member whose name is not ASCII is found where it lies."""
    members: dict[str, Source] = {**read_members(bundle), "licences/ü/ß.txt": b"yes"}
    write_archive(bundle, members)
    relist(bundle)

    with Bundle.open(bundle).open_member("licences/ü/ß.txt") as stream:
        assert stream.read() == b"yes"
