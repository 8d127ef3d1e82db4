"""What a hostile case is."""

from dataclasses import dataclass
from typing import Any

from tests.wheels import Wheel

from .parts import Parts

LINUX, WINDOWS, MACOS = "linux-x86_64", "windows-x86_64", "macos-arm64"
SITE = {LINUX: "lib/python3.11/site-packages", WINDOWS: "Lib/site-packages", MACOS: "lib/python3.11/site-packages"}
DATA = "demo-1.0.data"


@dataclass(frozen=True, kw_only=True)
class Case:
    """One hostile wheel."""

    name: str
    code: str
    """Of the problem that refuses it."""
    also: frozenset[str] = frozenset()
    """Codes of what follows from the fault."""
    parts: Parts
    platform: str = LINUX

    def build(self) -> Wheel:
        """Make the wheel."""
        return self.parts.build()


def with_file(file: str, data: str = "x", **more: Any) -> Parts:
    """A sound wheel with one file more."""
    return Parts(files={"demo/__init__.py": "", file: data}, **more)
