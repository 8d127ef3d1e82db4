"""What an update may leave to its base: the wheels that an older bundle, or the bundle of an older lock, has."""

from pathlib import Path

from locks import Lock
from locks.digest import sha256_of_bytes
from locks.files import read_lock_file
from locks.read import read_lock

from applier.bundle.contents import Base, Member
from applier.bundle.layout import LOCK, wheel_member
from applier.bundle.reader import Bundle


def read_lock_of(place: Path) -> bytes:
    """Give the bytes of a lock, which is called so, or of the lock of a bundle.

    Raises:
        LockError: the lock cannot be read.
        BundleDamaged: the bundle is no bundle, or not whole.
    """
    if place.suffix == ".toml":
        return read_lock_file(place)
    with Bundle.open(place).open_member(LOCK) as stream:
        return stream.read()


def read_base(old: Path, lock: Lock) -> Base | None:
    """Give the base of an update to `lock`, by the older bundle or lock at `old`; None when they share no wheel.

    Raises:
        LockError: the older lock cannot be read.
        BundleDamaged: the older bundle is no bundle, or not whole.
    """
    data = read_lock_of(old)
    base = read_lock(data, document=str(old))
    had = {wheel.sha256 for wheel in base.wheels}
    wheels = tuple(
        Member(name=wheel_member(wheel.filename), size_bytes=wheel.size_bytes, sha256=wheel.sha256)
        for wheel in sorted(lock.wheels, key=lambda wheel: wheel.filename)
        if wheel.sha256 in had
    )
    if not wheels:
        return None
    return Base(
        stack=base.stack,
        stack_version=base.stack_version,
        target=base.target.name,
        lock_sha256=sha256_of_bytes(data),
        wheels=wheels,
    )
