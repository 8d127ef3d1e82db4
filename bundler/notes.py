"""What is known of the wheels in a store, noted beside them, so that it need not be found out again.

A note speaks of the bytes that have the wheel's sha256, and is written once these were hashed; it is of use only where
they are hashed again. It holds for one target's system and Python, and for as long as every module that had a say is
the same. One that is damaged, or of another kind, is as good as none.
"""

import hashlib
import json
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

from locks import LockedWheel, Target
from locks.digest import sha256_of_bytes

from applier.wheels.place import PlannedFile

from .contents import RULES
from .facts import WheelFacts
from .runner import Runner
from .store import Store


def rules_sha256(runner: Runner) -> str:
    """Digest the modules that facts follow from: all that is in the runner, and this package."""
    ours = {path.name: path.read_bytes() for path in Path(__file__).parent.glob("*.py")}
    digest = hashlib.sha256()
    for name, data in sorted((runner.members | ours).items()):
        digest.update(f"{name} {len(data)}\n".encode() + data)
    return digest.hexdigest()


def _row(file: PlannedFile) -> list[Any]:
    return [file.path, file.size_bytes, file.algorithm, file.digest]


def _file(owner: str, path: str, size_bytes: int, algorithm: str, digest: str) -> PlannedFile:
    return PlannedFile(path=path, owner=owner, size_bytes=size_bytes, algorithm=algorithm, digest=digest)


class Notes:
    """The notes of one store for one target."""

    def __init__(self, store: Store, target: Target, *, rules: str) -> None:
        """`rules` is the digest of the modules that facts follow from."""
        self._store = store
        self._rules = rules
        self._target = f"{target.platform.name} {target.python} {target.floor}"

    def _kind(self, wheel: LockedWheel) -> dict[str, str]:
        """Say what a note must be for; the bytes apart, which its name tells."""
        package = f"{wheel.name} {wheel.version}"
        return {"wheel": wheel.filename, "package": package, "target": self._target}

    def _note(self, wheel: LockedWheel) -> Path:
        kind = sha256_of_bytes(json.dumps(self._kind(wheel)).encode())
        return self._store.note(wheel.sha256, f"{kind[:16]}.json")

    def _proof(self, wheel: LockedWheel) -> Path:
        return self._store.note(wheel.sha256, str(RULES))

    def is_proven(self, wheel: LockedWheel) -> bool:
        """Say whether every file of the wheel was once held against its RECORD, whatever the target."""
        return self._proof(wheel).exists()

    def read(self, wheels: Iterable[LockedWheel]) -> dict[LockedWheel, WheelFacts]:
        """Give the facts of those of `wheels` that are noted."""
        found = ((wheel, self._read(wheel)) for wheel in wheels)
        return {wheel: facts for wheel, facts in found if facts is not None}

    def _read(self, wheel: LockedWheel) -> WheelFacts | None:
        try:
            digest, _, body = self._note(wheel).read_bytes().partition(b"\n")
        except OSError:
            return None
        if sha256_of_bytes(body).encode() != digest:
            return None
        document = json.loads(body)
        if document["for"] != {**self._kind(wheel), "rules": self._rules}:
            return None
        return WheelFacts(
            files=tuple(_file(wheel.filename, *row) for row in document["files"]),
            metadata=document["metadata"].encode("latin-1"),
            licence_texts=document["licence-texts"],
            nvidia_files=tuple(document["nvidia-files"]),
            outline_sha256=document["outline-sha256"],
            crc=document["crc"],
        )

    def write(self, wheel: LockedWheel, facts: WheelFacts) -> None:
        """Note the facts of a wheel whose bytes were hashed; a store that cannot be written to is read again."""
        document = {
            "for": {**self._kind(wheel), "rules": self._rules},
            "crc": facts.crc,
            "metadata": facts.metadata.decode("latin-1"),
            "licence-texts": dict(facts.licence_texts),
            "nvidia-files": facts.nvidia_files,
            "outline-sha256": facts.outline_sha256,
            "files": [_row(file) for file in facts.files],
        }
        body = json.dumps(document, separators=(",", ":")).encode("ascii")
        note = self._note(wheel)
        with suppress(OSError):
            note.parent.mkdir(parents=True, exist_ok=True)
            note.write_bytes(sha256_of_bytes(body).encode() + b"\n" + body)
            self._proof(wheel).touch()
