"""What an update leaves to its base: the very wheels that it has."""

from dataclasses import replace
from pathlib import Path

from locks import Lock
from locks.digest import sha256_of_bytes

from applier.bundle.layout import wheel_member
from bundler.since import read_base
from compiler.write import to_bytes
from tests.bundles import make_bundle, make_lock
from tests.wheels import make_wheel

KEPT, REBUILT, GONE = (make_wheel(name, "1.0") for name in ("kept", "rebuilt", "gone"))
AGAIN = make_wheel("rebuilt", "1.0", files={"rebuilt.py": "again = True"})


def put(folder: Path, lock: Lock) -> Path:
    """Write a lock into a folder."""
    path = folder / lock.filename
    path.write_bytes(to_bytes(lock))
    return path


def test_a_wheel_with_other_bytes_is_not_left_to_the_base(tmp_path: Path) -> None:
    """Of one name and version there may be two builds: only what has the same digest is in both."""
    old = put(tmp_path, replace(make_lock([KEPT, REBUILT, GONE]), stack_version="1"))
    base = read_base(old, make_lock([KEPT, AGAIN]))

    assert base is not None
    assert [(wheel.name, wheel.sha256) for wheel in base.wheels] == [(wheel_member(KEPT.filename), KEPT.sha256)]
    assert (base.stack_version, base.lock_sha256) == ("1", sha256_of_bytes(old.read_bytes()))


def test_what_shares_no_wheel_is_no_base(tmp_path: Path) -> None:
    """An update to nothing that it has would be a whole bundle."""
    assert read_base(put(tmp_path, make_lock([GONE, REBUILT])), make_lock([KEPT, AGAIN])) is None


def test_a_bundle_is_as_good_as_its_lock(tmp_path: Path) -> None:
    """The lock in a bundle is the one it was made of, byte for byte."""
    bundle = make_bundle(tmp_path / "b.zip", KEPT, REBUILT)
    base = read_base(bundle, make_lock([KEPT, AGAIN]))

    assert base is not None
    assert [wheel.sha256 for wheel in base.wheels] == [KEPT.sha256]
