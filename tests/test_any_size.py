"""A bundle of more than 4 GiB with a wheel of 2.5 GB: written, opened and checked in little memory.

The wheels hold zeros, which are holes on disk: gigabytes are hashed, but only some megabytes are written.
"""

import subprocess
import sys
import zipfile
from base64 import urlsafe_b64encode
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest
from packaging.utils import canonicalize_name
from packaging.version import Version

from locks import LockedWheel
from locks.digest import sha256_of_file

from applier.bundle.layout import BESIDE
from bundler.archive import write_archive
from bundler.copying import Pinned, Source
from bundler.store import Store
from compiler.write import to_bytes
from tests.bundles import fill_store, locked, make_lock
from tests.wheels import make_wheel

MOST_BYTES = 150_000_000
SIZES = {"large": 2_500_000_000, "more": 1_900_000_000}
LAST = make_wheel("zlast", "1.0")
# Given a program's arguments, runs it and then tells the most memory that this process ever took.
MEASURED = """
import runpy, sys
sys.argv = sys.argv[1:]
try:
    if sys.argv[0].endswith(".pyz"):
        runpy.run_path(sys.argv[0], run_name="__main__")
    else:
        from compiler.cli import venvault
        venvault.main(sys.argv)
except SystemExit as end:
    code = end.code
rows = dict(line.split(":", 1) for line in open("/proc/self/status"))
sys.stderr.write("\\npeak %d\\n" % (int(rows["VmHWM"].split()[0]) * 1024))
sys.exit(code)
"""


def _recorded(digest: bytes) -> str:
    return urlsafe_b64encode(digest).rstrip(b"=").decode()


def _write_wheel(folder: Path, name: str, size_bytes: int) -> LockedWheel:
    """Write a wheel with one module and one huge file into a store."""
    zeros = folder / "zeros"
    with zeros.open("wb") as stream:
        stream.truncate(size_bytes)
    digest, _ = sha256_of_file(zeros)
    info = f"{name}-1.0.dist-info"
    small = {
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n".encode(),
        f"{info}/WHEEL": b"Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        f"{name}/__init__.py": b"",
    }
    rows = [f"{path},sha256={_recorded(sha256(data).digest())},{len(data)}" for path, data in small.items()]
    rows += [f"{name}/zeros.bin,sha256={_recorded(bytes.fromhex(digest))},{size_bytes}", f"{info}/RECORD,,", ""]
    pinned = Pinned(path=zeros, size_bytes=size_bytes, sha256=digest)
    members: dict[str, Source] = {**small, f"{name}/zeros.bin": pinned, f"{info}/RECORD": "\n".join(rows).encode()}
    path = folder / f"{name}-1.0-py3-none-any.whl"
    write_archive(path, members)
    digest, wheel_bytes = sha256_of_file(path)
    stored = Store(folder / "store").path(digest)
    stored.parent.mkdir(parents=True)
    path.rename(stored)
    return LockedWheel(
        name=canonicalize_name(name), version=Version("1.0"), filename=path.name, size_bytes=wheel_bytes, sha256=digest
    )


def _run(folder: Path, *args: str) -> tuple[str, int]:
    """Run a program; give what it printed, and the most memory it took in bytes."""
    done = subprocess.run(
        [sys.executable, "-c", MEASURED, *args], cwd=folder, capture_output=True, encoding="utf-8", check=False
    )

    assert done.returncode == 0, done.stderr
    return done.stdout, int(done.stderr.splitlines()[-1].removeprefix("peak "))


@pytest.mark.skipif(sys.platform != "linux", reason="memory is read from /proc, and holes are not sure elsewhere")
def test_a_bundle_over_4_gib_is_written_and_checked_in_little_memory(tmp_path: Path) -> None:
    """Bundle and apply.pyz take under 150 MB each; any zip reader finds every member, also beyond 4 GiB."""
    wheels = [_write_wheel(tmp_path, name, size_bytes) for name, size_bytes in SIZES.items()]
    fill_store(tmp_path / "store", [LAST])
    names = (*(wheel.name for wheel in wheels), LAST.name)
    lock = replace(make_lock([LAST]), wheels=(*wheels, locked(LAST)), install_order=names)
    (tmp_path / lock.filename).write_bytes(to_bytes(lock))
    bundle = tmp_path / "bundle-cpu.zip"
    told, bundle_peak = _run(tmp_path, "bundle", lock.filename, "--store", "store", "-o", bundle.name)
    checked, apply_peak = _run(tmp_path, BESIDE, "--check")

    assert told.endswith("; start it with apply.pyz\n")
    assert bundle.stat().st_size > 1 << 32
    if sys.platform == "linux":
        assert bundle.stat().st_blocks * 512 < 100_000_000, "zeros are holes"
    with zipfile.ZipFile(bundle) as archive:
        assert archive.getinfo(f"wheels/{LAST.filename}").header_offset > 1 << 32
        assert archive.read(f"wheels/{LAST.filename}") == LAST.data
    assert checked.endswith("ok: it fits; nothing was touched\n")
    assert (bundle_peak < MOST_BYTES, apply_peak < MOST_BYTES) == (True, True), (bundle_peak, apply_peak)
