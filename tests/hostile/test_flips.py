"""Random damage to a wheel that everything else was made to match: its lock entry, the list of members, the hashes.

What is left to notice it is in the wheel alone: its frame, the checksums of its members, and RECORD.
"""

import io
from contextlib import suppress
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from locks.digest import sha256_of_bytes

from applier.framing import Misframed, read_member
from applier.wheels.judge import judge_wheel
from applier.wheels.source import WheelContents
from tests.bundles import locked, target_on
from tests.wheels import make_wheel

TARGET = target_on("linux-x86_64")
TAGS = frozenset(TARGET.tags())
DEMO = make_wheel(
    "demo",
    "1.0",
    files={"demo/__init__.py": "x = 1\n" * 50, "demo/y.py": ""},
    data_files={"scripts/demo": "#!python\n"},
)


def judge(data: bytes) -> WheelContents | None:
    """Judge a wheel whose lock entry knows just these bytes; None if it is refused."""
    wheel = replace(locked(DEMO), size_bytes=len(data), sha256=sha256_of_bytes(data))
    contents, problems = judge_wheel(wheel, TARGET, TAGS, io.BytesIO(data))
    return None if problems else contents


def installed(data: bytes, contents: WheelContents) -> dict[str, tuple[bytes, object]]:
    """Give the bytes of every file, with what RECORD says of it; modes are in no RECORD. Raises Misframed."""
    stream = io.BytesIO(data)
    return {file.entry.name: (b"".join(read_member(stream, file.entry)), file.digest) for file in contents.files}


@settings(max_examples=300, derandomize=True, deadline=None)
@given(flips=st.sets(st.integers(0, len(DEMO.data) * 8 - 1), min_size=1, max_size=3))
def test_flipped_bits_of_a_wheel_change_nothing_or_are_refused(flips: set[int]) -> None:
    """Wherever they fall, every file is as it was, or the wheel is refused: by the plan, or when it is read."""
    sound = judge(DEMO.data)
    assert sound is not None
    damaged = bytearray(DEMO.data)
    for place in flips:
        damaged[place // 8] ^= 1 << place % 8
    contents = judge(bytes(damaged))
    if contents is not None:
        with suppress(Misframed):
            assert installed(bytes(damaged), contents) == installed(DEMO.data, sound)
