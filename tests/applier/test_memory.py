"""What an apply holds of each file, as Python counts it: bundles may have hundreds of thousands."""

import tracemalloc
from pathlib import Path

from applier.apply import apply_bundle
from bundler.archive import write_archive
from tests.bundles import bare_members, running_machine
from tests.wheels import make_wheel

_MOST_BYTES = 1000
"""For each file: name, place, hash and numbers once each, and what has them. With RECORD's rows kept it was 1,450."""


def peak_bytes(files: int, folder: Path) -> int:
    """What this process holds at most in an apply of so many files; in ten wheels, for one is read at a time."""
    path = folder / f"{files}.zip"
    wheels = [
        make_wheel(name, "1", files={f"{name}/m{number}.py": f"{name} = {number}\n" for number in range(files // 10)})
        for name in "abcdefghij"
    ]
    write_archive(path, bare_members(*wheels))
    tracemalloc.start()
    try:
        apply_bundle(path, folder / str(files), machine=running_machine(), running_prefix=Path("/nowhere"))
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_memory_grows_by_less_than_a_kilobyte_for_each_file(tmp_path: Path) -> None:
    """From planning to the receipt, nothing is held twice that is as many as there are files."""
    peak_bytes(10, tmp_path)  # modules that are imported on the way
    few, many = 500, 2_500

    assert peak_bytes(many, tmp_path) - peak_bytes(few, tmp_path) < (many - few) * _MOST_BYTES
