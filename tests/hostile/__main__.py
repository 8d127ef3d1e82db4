"""By hand: the rules over real wheels, `python -m tests.hostile FOLDER ...`; prints every refusal, and counts.

Each wheel is judged for the first target that its own tags fit; whether that is ours is no question here.
"""

import sys
from collections import Counter
from pathlib import Path
from typing import BinaryIO

from packaging.utils import parse_wheel_filename

from locks import LockedWheel, Problem

from applier.wheels.judge import judge_wheel
from tests.bundles import target_on

_PLATFORMS = {"win": "windows-x86_64", "mac": "macos-arm64"}


def judge(filename: str, stream: BinaryIO) -> list[Problem]:
    """Judge one wheel by itself: the file name and the bytes are all that is asked for, by ranges or from disk."""
    name, version, _, tags = parse_wheel_filename(filename)
    platform = next(iter(tags)).platform[:3]
    target = target_on(_PLATFORMS.get(platform, "linux-x86_64"), python="3.12")
    wheel = LockedWheel(name=name, version=version, filename=filename, size_bytes=0, sha256="0" * 64)
    _, problems = judge_wheel(wheel, target, frozenset(tags), stream)
    return [problem for problem in problems if problem.code != "wheel-does-not-fit"]


def main(folders: list[str]) -> None:
    """Judge every wheel below the folders."""
    counts: Counter[str] = Counter()
    seen = set()
    for path in sorted(path for folder in folders for path in Path(folder).rglob("*.whl")):
        if path.name in seen:
            continue
        seen.add(path.name)
        with path.open("rb") as stream:
            problems = judge(path.name, stream)
        counts["refused" if problems else "accepted"] += 1
        for problem in problems:
            print(problem)  # noqa: T201  # for who runs it by hand
    print(dict(counts))  # noqa: T201


if __name__ == "__main__":
    main(sys.argv[1:])
