"""The blacklist by import name: what a wheel of another name would make importable all the same. Pure."""

from collections.abc import Iterator

from packaging.utils import NormalizedName, canonicalize_name

from locks import Lock, Problem

from ..environment.scheme import same_file_key, scheme_paths
from ..errors import BundleDamaged
from .place import PlannedFile
from .plan import Plan

_MODULE_SUFFIXES = (".py", ".pyc", ".pyd", ".so")


def import_name(path: str) -> str | None:
    """Give the top-level name that `path`, relative to site-packages, is imported by; None where no import reaches.

    Source: importlib's path finder, to which a folder is a package with or without `__init__.py`.
    """
    first, slash, _ = path.partition("/")
    name = first if slash else first.partition(".")[0]
    return name if name.isidentifier() and (slash or first.endswith(_MODULE_SUFFIXES)) else None


def _banned_files(plan: Plan, lock: Lock) -> Iterator[tuple[NormalizedName, PlannedFile]]:
    library = same_file_key(scheme_paths(lock.target, "")["purelib"], lock.target) + "/"
    for path in sorted(plan.files):
        if same_file_key(path, lock.target).startswith(library):
            name = canonicalize_name(import_name(path[len(library) :]) or "")
            if name in lock.blacklist:
                yield name, plan.files[path]


def refuse_banned_imports(plan: Plan, lock: Lock) -> None:
    """Hold every planned file against the lock's blacklist; names are compared normalised.

    Raises:
        BundleDamaged: wheels bring packages or modules of banned names; one problem for each wheel and name.
    """
    found: dict[tuple[str, NormalizedName], PlannedFile] = {}
    for name, file in _banned_files(plan, lock):
        found.setdefault((file.owner, name), file)
    problems = [
        Problem(
            code="blacklisted-import",
            where=f"{owner}: {file.path!r}",
            expected=f"nothing that is imported as {name} ({lock.blacklist[name]})",
            found="a package or module of that name",
            hint="do without that wheel's package, hold it at a release that does not bring it, or lift the ban",
        )
        for (owner, name), file in sorted(found.items())
    ]
    if problems:
        raise BundleDamaged(problems)
