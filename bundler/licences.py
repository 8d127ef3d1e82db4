"""What the wheels of a bundle say of their licences, and which of them carry NVIDIA's files. Pure."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from locks import LockedWheel

# Source: PEP 639 puts the texts into `licenses/`; older wheels have them beside METADATA.
_TEXT = re.compile(r"[^/]+\.dist-info/(licen[cs]es/.+|(licen[cs]e|copying|notice|authors)[^/]*)", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Licence:
    """One package's licence."""

    wheel: LockedWheel
    texts: Mapping[str, str]
    """Name below the wheel's dist-info folder -> the text, line ends as `\\n`."""
    nvidia_files: tuple[str, ...]
    """Paths in the wheel, sorted."""

    @property
    def is_nvidias(self) -> bool:
        """Say whether NVIDIA published the package, rather than somebody who put some of its files in."""
        return bool(self.nvidia_files) and self.wheel.name.startswith("nvidia-")


def is_licence_text(name: str) -> bool:
    """Say whether the file of that name in a wheel is the text of a licence."""
    return _TEXT.fullmatch(name) is not None


def decoded(data: bytes) -> str:
    """Read a text of unknown encoding: UTF-8, else the one that older Windows tools write."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("cp1252", errors="replace")
    return "\n".join(text.splitlines()).strip("\n")


def distinct_texts(licences: Iterable[Licence]) -> dict[str, list[str]]:
    """Give every text once, with the packages and file names it stands for, in the order met."""
    found: dict[str, list[str]] = {}
    for licence in licences:
        for name, text in licence.texts.items():
            found.setdefault(text, []).append(f"{licence.wheel.name} {licence.wheel.version}: {name}")
    return found
