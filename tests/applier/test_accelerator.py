"""The accelerator a bundle carries: workers load it out of the environment being built, and it is gone with them."""

import zlib
from pathlib import Path

import pytest

from applier.accelerator import unpack_accelerator
from applier.apply import apply_bundle
from applier.bundle.layout import accelerator_member
from applier.bundle.reader import Bundle
from applier.environment.scheme import ACCELERATOR
from applier.errors import BundleDamaged
from applier.verifying.verify import verify_environment
from tests.bundles import (
    demo_wheels,
    locked,
    make_lock,
    put_member,
    read_members,
    relist,
    remove_member,
    running_machine,
    write_bundle_of,
)
from tests.wheels import RecordRow, Wheel, make_wheel

MACHINE = running_machine()
_NOTING = """\
from pathlib import Path
from zlib import *
{more}
Path({note!r}).write_text(__file__)
"""


def forge(rows: list[RecordRow]) -> list[RecordRow]:
    """RECORD's rows with another digest for what is loaded."""
    return [(row[0], "sha256=" + "A" * 43, row[2]) if "isal_zlib" in row[0] else row for row in rows]


def accelerator(note: Path, *, more: str = "", tag: str = "py3-none-any", forged: bool = False) -> Wheel:
    """An accelerator that is zlib, and notes from where it was loaded; forged: RECORD tells of other bytes."""
    files = {"isal/__init__.py": "", "isal/isal_zlib.py": _NOTING.format(note=str(note), more=more)}
    return make_wheel("isal", "1.9.1", files=files, tag=tag, record_rows=forge if forged else None)


def bundle_with(wheel: Wheel, folder: Path) -> Path:
    """The demo bundle with that accelerator."""
    wheels = demo_wheels()
    path = folder / "bundle-cpu.zip"
    return write_bundle_of(make_lock(wheels), [*wheels, wheel], path, accelerator=locked(wheel)).path


def apply(bundle: Path, into: Path) -> tuple[set[str], bool]:
    """Apply it; give the files that the receipt knows, and whether the environment is as the receipt says."""
    applied = apply_bundle(bundle, into, machine=MACHINE, running_prefix=into.parent / "elsewhere")
    return set(applied.receipt.files), verify_environment(into, machine=MACHINE).is_clean


def test_workers_use_it_and_nothing_of_it_is_left(tmp_path: Path) -> None:
    """It is loaded from the folder that is being built; the environment is what it is without it."""
    bundle = bundle_with(accelerator(tmp_path / "note"), tmp_path)
    files, is_clean = apply(bundle, tmp_path / "env")
    (tmp_path / "plain").mkdir()
    wheels = demo_wheels()
    plain = write_bundle_of(make_lock(wheels), wheels, tmp_path / "plain" / "bundle.zip").path

    assert Path((tmp_path / "note").read_text()).parts[-4:] == (
        "env.venvault-new",
        ACCELERATOR,
        "isal",
        "isal_zlib.py",
    )
    assert is_clean
    assert not (tmp_path / "env" / ACCELERATOR).exists()
    assert files == apply(plain, tmp_path / "plain" / "env")[0]


@pytest.mark.parametrize(
    ("kind", "is_loaded"),
    [
        ({"more": "raise OSError('no library may be loaded from here')"}, False),
        ({"tag": "cp311-cp311-win_arm64"}, False),
        ({"forged": True}, False),
        ({}, True),
    ],
    ids=["does not load", "another system's", "not as recorded", "sound"],
)
def test_without_a_sound_one_zlib_does(tmp_path: Path, kind: dict[str, object], is_loaded: bool) -> None:
    """Whatever is wrong with it, the bundle is applied, and none of what is wrong was run."""
    wheel = accelerator(tmp_path / "note", **kind)  # type: ignore[arg-type]  # a table of keywords
    _, is_clean = apply(bundle_with(wheel, tmp_path), tmp_path / "env")

    assert is_clean
    assert (tmp_path / "note").exists() == is_loaded


def test_other_bytes_than_listed_are_refused(tmp_path: Path) -> None:
    """An accelerator that was exchanged in the bundle keeps it from being opened."""
    wheel = accelerator(tmp_path / "note")
    bundle = bundle_with(wheel, tmp_path)
    put_member(bundle, accelerator_member(wheel.filename), accelerator(tmp_path / "note", more="1 + 1").data)

    with pytest.raises(BundleDamaged) as caught:
        Bundle.open(bundle)
    assert {problem.where for problem in caught.value.problems} == {accelerator_member(wheel.filename)}


@pytest.mark.parametrize("name", ["isal.whl", "isal-1.9.1-py3-none-any.whl"])
def test_what_is_no_wheel_is_not_unpacked(tmp_path: Path, name: str) -> None:
    """A name or content that makes no sense leaves nothing on the disk."""
    bundle = bundle_with(accelerator(tmp_path / "note"), tmp_path)
    old = next(member for member in read_members(bundle) if member.startswith("accelerator/"))
    remove_member(bundle, old)
    put_member(bundle, accelerator_member(name), zlib.compress(b"no zip"))
    relist(bundle)
    unpack_accelerator(Bundle.open(bundle), tmp_path / "out")

    assert not (tmp_path / "out").exists()
