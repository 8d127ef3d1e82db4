"""The bundle on disk: whatever was done to it is noticed, and named."""

import os
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from locks import Error, Problem

from applier.bundle.reader import Bundle
from applier.errors import BundleDamaged
from bundler.archive import write_archive
from bundler.copying import Source
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
from tests.reporters import Told
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
    """A bundle as the bundler writes it passes, its wheels are counted, and its members read as they are."""
    path = make_bundle(tmp_path / "bundle.zip")
    told = Told()
    bundle = Bundle.open(path)
    bundle.verify(told)
    members = read_members(path)
    wheels = [member for member in bundle.contents.members if member.name.startswith("wheels/")]

    hashed = told.ended["hashing"]
    assert (hashed.done, hashed.done_bytes) == (len(wheels), sum(member.size_bytes for member in wheels))
    assert (hashed.total, hashed.total_bytes) == (hashed.done, hashed.done_bytes)
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


def _pack_again(path: Path) -> None:
    """Do what a user does who wants it smaller."""
    members = read_members(path)
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in sorted(members.items()):
            archive.writestr(name, data, zipfile.ZIP_DEFLATED if name == MEMBER else zipfile.ZIP_STORED)


def _append_member(path: Path) -> None:
    with zipfile.ZipFile(path, "a") as archive, pytest.warns(UserWarning, match="Duplicate name"):
        archive.writestr(MEMBER, DEMO.data)


def _flip_in_wheel(path: Path) -> None:
    flip_bit(path, path.read_bytes().index(DEMO.data) + 10)


def _flip_before_wheel(path: Path) -> None:
    flip_bit(path, path.read_bytes().index(DEMO.data) - 30)


def _change_directory(path: Path, at: int, data: bytes) -> None:
    """Overwrite bytes of the wheel's header in the directory; its fixed part is 46 bytes long."""
    whole = bytearray(path.read_bytes())
    entry = whole.rindex(MEMBER.encode()) - 46
    whole[entry + at : entry + at + len(data)] = data
    path.write_bytes(whole)


def _edit_end(path: Path, comment: bytes) -> None:
    """Give the zip a comment, as zip tools allow."""
    path.write_bytes(path.read_bytes()[:-2] + len(comment).to_bytes(2, "little") + comment)


def _rebuild(path: Path, between: bytes) -> None:
    """Write a zip that is sound but for a gap before its directory."""
    whole = path.read_bytes()
    start = int.from_bytes(whole[-6:-2], "little")
    moved = (start + len(between)).to_bytes(4, "little")
    path.write_bytes(whole[:start] + between + whole[start:-6] + moved + whole[-2:])


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
    ("packed again", _pack_again, "__main__.py", "another header"),
    ("member appended", _append_member, MEMBER, "a second one"),
    ("said to be compressed", lambda path: _change_directory(path, 10, b"\x08"), MEMBER, "another header"),
    ("said to be encrypted", lambda path: _change_directory(path, 8, b"\x01"), MEMBER, "another header"),
    ("said to be a link", lambda path: _change_directory(path, 38, b"\0\0\xed\xa1"), MEMBER, "another header"),
    ("with a descriptor", lambda path: _change_directory(path, 8, b"\x08"), MEMBER, "another header"),
    ("another checksum", lambda path: _change_directory(path, 16, b"abcd"), MEMBER, "another before its bytes"),
    ("size beyond the end", lambda path: _change_directory(path, 20, b"\0\0\0\x40" * 2), MEMBER, "and more"),
    ("offset of no file", lambda path: _change_directory(path, 42, b"\xff\xff\xff\x7f"), MEMBER, "and more"),
    ("offset of another member", lambda path: _change_directory(path, 42, b"\0" * 4), MEMBER, "0 and more"),
    (
        "broken local header",
        lambda path: flip_bit(path, path.read_bytes().index(DEMO.data) - 30),
        MEMBER,
        "another before",
    ),
    ("name that is no text", lambda path: _change_directory(path, 46, b"\xff"), "heels/demo-1.0-py3-none-any.whl", ""),
    ("comment", lambda path: _edit_end(path, b"hello"), "bundle.zip", "no zip, or one that is cut short"),
    ("comment of nothing", lambda path: _edit_end(path, b"PK\5\6" + b"\0" * 18), "bundle.zip", "an end record"),
    (
        "something before",
        lambda path: path.write_bytes(b"#!python\n" + path.read_bytes()),
        "bundle.zip",
        "an end record",
    ),
    ("something after", lambda path: path.write_bytes(path.read_bytes() + b"\n"), "bundle.zip", "no zip"),
    ("a gap", lambda path: _rebuild(path, b"hello"), "bundle.zip", "4 in"),
    ("filled with zeros", lambda path: path.write_bytes(bytes(path.stat().st_size)), "bundle.zip", "no zip"),
    ("no bundle.json", lambda path: remove_member(path, "bundle.json"), "bundle.json", "none"),
    ("no lock", lambda path: remove_member(path, "pylock.toml"), "pylock.toml", "none"),
    ("empty", lambda path: truncate(path, 0), "bundle.zip", "no zip"),
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
    assert "not-a-bundle" not in {problem.code for problem in caught.value.problems}


def _other_zip(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.txt", "hello")


NAME_ONE = "name a bundle: the .zip that `venvault bundle` wrote, or one of its volumes"


@pytest.mark.parametrize(
    ("put", "found", "hint"),
    [
        pytest.param(lambda path: path.write_text("holidays"), "no zip", NAME_ONE, id="text"),
        pytest.param(lambda path: path.write_bytes(b"\x7fELF" + bytes(900)), "no zip", NAME_ONE, id="program"),
        pytest.param(_other_zip, "a zip without bundle.json", NAME_ONE, id="zip"),
        pytest.param(lambda path: path.write_bytes(DEMO.data), "a zip without bundle.json", NAME_ONE, id="wheel"),
        pytest.param(
            lambda path: path.write_text("# mine\n[stack]\nname = 'demo'\n"),
            "a manifest",
            "compile it first: `venvault compile MANIFEST`; then `venvault bundle` makes bundles",
            id="manifest",
        ),
        pytest.param(
            lambda path: path.write_text("lock-version = '1.0'\n"),
            "a lock",
            "bundle it first: `venvault bundle LOCK`",
            id="lock",
        ),
    ],
)
def test_what_never_was_a_bundle_is_told_so(
    put: Callable[[Path], object], found: str, hint: str, tmp_path: Path
) -> None:
    """It is said what it is and what is wanted; to copy it again would not help."""
    path = tmp_path / "file"
    put(path)
    with pytest.raises(BundleDamaged) as caught:
        Bundle.open(path)

    assert caught.value.problems == (
        Problem(code="not-a-bundle", where=str(path), expected="a venvault bundle", found=found, hint=hint),
    )


def test_a_folder_is_no_bundle(tmp_path: Path) -> None:
    """A folder given for a bundle is refused like any other file that is none."""
    with pytest.raises(BundleDamaged, match="expected a venvault bundle, found no ordinary file"):
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
    for length in reversed(range(bundle.stat().st_size)):
        os.truncate(bundle, length)
        with pytest.raises(BundleDamaged):
            judge(bundle)


def test_every_flipped_bit_is_noticed(bundle: Path) -> None:
    """Not one bit of headers, lock, list of members or texts can be flipped unseen, nor any byte of the wheel."""
    whole = bundle.read_bytes()
    wheel = range(whole.index(DEMO.data), whole.index(DEMO.data) + DEMO.size_bytes)
    with bundle.open("r+b", buffering=0) as stream:
        for place, byte in enumerate(whole):
            for bit in [place % 8] if place in wheel else range(8):
                stream.seek(place)
                stream.write(bytes([byte ^ 1 << bit]))
                with pytest.raises(BundleDamaged):
                    judge(bundle)
            stream.seek(place)
            stream.write(bytes([byte]))

    judge(bundle)


def test_a_bundle_that_vanishes_while_it_is_read_is_damaged(bundle: Path) -> None:
    """A drive unplugged between opening and hashing is told like damage, naming the members."""
    opened = Bundle.open(bundle)
    bundle.unlink()
    with pytest.raises(Error) as caught:
        opened.verify()

    assert MEMBER in [problem.where for problem in caught.value.problems]


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
