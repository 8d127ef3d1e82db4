"""`init` from files to a file: read what there is, complete it, refuse what contradicts itself, write a manifest."""

import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from locks import IndexUnavailable, Problem
from locks.files import MANIFEST

from ..compile import Source
from ..errors import DraftError, OutputError
from ..manifest.model import Manifest
from ..manifest.parse import read_manifest
from ..write import write_files
from .clash import clashes
from .complete import Wishes, complete
from .contradict import contradictions
from .draft import Draft
from .sources import read_source
from .text import to_manifest_text


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenManifest:
    """A first manifest and where it was written."""

    path: Path
    manifest: Manifest
    notes: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """Give what a program wants to know, JSON-ready."""
        return {
            "path": str(self.path),
            "stack": self.manifest.stack,
            "targets": [target.name for _, target in self.manifest.targets()],
            "requirements": list(map(str, self.manifest.requirements)),
            "notes": list(self.notes),
        }

    def summary(self) -> str:
        """Say in words what is in it, and what is not."""
        manifest = self.manifest
        counts = (
            (len(manifest.requirements), "requirement"),
            (len(manifest.optional), "optional group"),
            (len(manifest.blacklist), "banned package"),
            (len(manifest.checks), "check"),
        )
        parts = [f"{number} {what}{'s' if number > 1 else ''}" for number, what in counts if number]
        variants = ", ".join(variant.name for variant in manifest.variants)
        first = f"{self.path}: {manifest.stack} for {variants}: {', '.join(parts) or 'no requirements yet'}"
        return "\n".join((first, *(f"  {note}" for note in self.notes)))


def destination(out: Path, *, force: bool) -> Path:
    """Give the file to write, `manifest.toml` in a folder; an existing one is only replaced by force.

    Raises:
        OutputError: it is there already.
    """
    path = out / MANIFEST if out.is_dir() else out
    if path.exists() and not force:
        problem = Problem(
            code="manifest-exists",
            where=str(path),
            expected="no manifest yet",
            found="one",
            hint="--force replaces it; --out names another",
        )
        raise OutputError(problem)
    return path


def folder_name(path: Path) -> str:
    """Give the name of the folder a file is in."""
    return Path(os.path.abspath(path)).parent.name  # noqa: PTH100  # resolve() would follow links


def _held_against_index(draft: Draft, manifest: Manifest, open_index: Callable[[], Source]) -> Draft:
    """Raise DraftError when pins clash by their packages' requirements; note what could not be looked at."""
    try:
        catalogue = open_index().open_catalogue(manifest)
        try:
            problems, unseen = clashes(draft, manifest, catalogue)
        finally:
            catalogue.close(wait=False)
    except IndexUnavailable as error:
        note = f"the pins were not held against the index: {error.problems[0].where} cannot be had"
        return replace(draft, notes=(*draft.notes, note))
    if problems:
        raise DraftError(problems)
    notes = (f"not held against the index, which cannot be had: {', '.join(unseen)}",) if unseen else ()
    return replace(draft, notes=(*draft.notes, *notes))


def start_manifest(
    source: Path | None,
    *,
    path: Path,
    wishes: Wishes,
    open_index: Callable[[], Source] | None = None,
    report: Callable[[str], None] = lambda line: None,
) -> WrittenManifest:
    """Write a first manifest to `path`, from nothing or from the file `source`; nothing on any failure.

    The old installer's pins are held against the index's metadata too; without `open_index` that is left to `compile`.

    Raises:
        DraftError: the source cannot be read, or what is asked for contradicts itself.
        OutputError: the manifest cannot be written.
    """
    draft = read_source(source, wishes.extras) if source else Draft()
    draft = complete(draft, wishes, folder=folder_name(source or path), from_nothing=source is None)
    if problems := contradictions(draft):
        raise DraftError(problems)
    heading = f"A first manifest, from {source.name}." if source else "A first manifest."
    heading += " It is yours to change; `venvault compile` makes locks of it."
    manifest = read_manifest(to_manifest_text(draft, heading=heading), document=str(path))
    if open_index and source and source.suffix.lower() == ".json":
        report("holding the pins against the index")
        draft = _held_against_index(draft, manifest, open_index)
    text = to_manifest_text(draft, heading=heading)
    write_files({path: text.encode()}, code="manifest-not-written")
    return WrittenManifest(path=path, manifest=manifest, notes=draft.notes)
