"""The old installer's `dependencies.json`, format 1.0, as a draft. Pure."""

import json
import re
from collections.abc import Mapping

from packaging.utils import NormalizedName, canonicalize_name

from locks.index.credentials import redact
from locks.table import Faults, Table
from locks.target import PYTHONS, VARIANTS

from ..errors import DraftError
from ..manifest.sections import is_address
from .draft import Banned, Draft, DraftGroup, DraftVariant, Wanted
from .old_checks import read_test
from .old_packages import SYSTEMS, read_packages

FORMAT = "1.0"
_CUDA_NAME = re.compile(r"(?:cu|cuda)?[-_ ]?(\d+)[._-]?(\d)")
_NO_COUNTERPART = (
    "left out, because a lock knows it or does not need it: order and install_args (packages are installed from the "
    "lock), critical of packages (all are installed, or none), cuda_driver_min, post_install_cleanup"
)


def _read_index(table: Table) -> str:
    keys = [key for key in ("torch_index", "index_url", "index") if key in table]
    index = table.text(keys[0]) if keys else ""
    if index and not is_address(index):
        table.fault(keys[0], expected="an http, https or file address", found=repr(redact(index)))
    elif index != redact(index):
        hint = "pip's configuration or netrc holds user names and passwords"
        table.fault(keys[0], expected="an address without credentials", found="one with them", hint=hint)
    return index


def _read_variant(key: str, table: Table) -> DraftVariant:
    cuda = _CUDA_NAME.fullmatch(key.lower())
    name = f"cu{cuda[1]}{cuda[2]}" if cuda else key.lower()
    if name not in VARIANTS:
        table.faults.add(table.path, expected=f"one of {', '.join(VARIANTS)}", found=repr(key))
    table.text("cuda_driver_min", "")
    comment = table.text("comment", "")
    wanted = []
    for entry, item in read_packages(table, "packages"):
        entry.done()
        wanted += [item] if item else []
    index = _read_index(table)
    table.done()
    remarks = (comment,) if comment else ()
    return DraftVariant(name=name, requirements=tuple(wanted), index=index if wanted else "", remarks=remarks)


def _read_core(root: Table) -> tuple[Wanted, ...]:
    found = []
    for table, wanted in read_packages(root, "core_dependencies"):
        table.done()
        found += [wanted] if wanted else []
    return tuple(found)


def _read_optional(root: Table) -> tuple[DraftGroup, ...]:
    groups = []
    for table, wanted in read_packages(root, "optional_packages"):
        banned = table.texts("blacklist_deps", ())
        said = (table.text("skip_reason", ""), f"It brought {', '.join(banned)}." if banned else "")
        table.done()
        if wanted:
            remarks = tuple(filter(None, (*said, wanted.comment)))
            bare = Wanted(requirement=wanted.requirement, where=wanted.where)
            groups.append(DraftGroup(name=wanted.name, requirements=(bare,), remarks=remarks))
    return tuple(groups)


def _read_blacklist(root: Table) -> dict[NormalizedName, Banned]:
    key = "global_blacklist"
    if isinstance(root.peek(key), Mapping):
        table = root.table(key)
        given = [(table.at(name), name, table.text(name, "")) for name in table]
    else:
        given = [(root.at(place), name, "") for place, name in root.numbered_texts(key, ())]
    return {
        canonicalize_name(name): Banned(reason=reason or f"in the old {key}", where=f"{root.faults.document}: {path}")
        for path, name, reason in given
    }


def _read_pythons(root: Table) -> tuple[str, ...]:
    def minor(text: str) -> tuple[int, int]:
        major, minor = text.split(".")[:2]
        return int(major), int(minor)

    oldest = root.parsed("python_min", minor, expected="a Python, as 3.11", fallback=minor(PYTHONS[0]))
    newest = root.parsed("python_max", minor, expected="a Python, as 3.11", fallback=minor(PYTHONS[0]))
    admitted = tuple(python for python in PYTHONS if oldest <= minor(python) <= max(newest, oldest))
    if not admitted:
        root.fault("python_max", expected=f"{PYTHONS[0]} or newer", found=".".join(map(str, newest)))
    return admitted


def _parse(text: str, document: str) -> Table:
    faults = Faults(code="source-invalid", document=document)
    try:
        content = json.loads(text)
    except (ValueError, RecursionError) as error:
        faults.add("", expected="JSON", found=str(error))
        raise DraftError(faults.problems) from None
    root = Table(content if isinstance(content, dict) else {}, path="", faults=faults)
    if root.peek("format_version") != FORMAT:
        hint = "this is no file of the old installer, or of another version of it"
        root.fault("format_version", expected=repr(FORMAT), found=repr(root.peek("format_version")), hint=hint)
        raise DraftError(faults.problems)
    root.text("format_version")
    return root


def read_dependencies_json(text: str, *, document: str = "dependencies.json") -> Draft:
    """Read the text of a `dependencies.json`; `document` names it in problems.

    Raises:
        DraftError: with every fault found.
    """
    root = _parse(text, document)
    configs = root.table("cuda_configs")
    variants = tuple(_read_variant(key, configs.table(key)) for key in configs)
    core, optional = _read_core(root), _read_optional(root)
    packages = {item.name for item in core}
    packages |= {item.name for variant in variants for item in variant.requirements}
    packages |= {item.name for group in optional for item in group.requirements}
    markers = " ".join(str(item.requirement.marker) for item in core)
    systems = [platform for system, platform in SYSTEMS.items() if system in markers]
    root.tables("post_install_cleanup")
    draft = Draft(
        pythons=_read_pythons(root),
        platforms=tuple(dict.fromkeys(("linux-x86_64", *systems))) if systems else (),
        requirements=core,
        variants=variants,
        blacklist=_read_blacklist(root),
        optional=optional,
        checks=tuple(read_test(table, packages) for table in root.tables("verification_tests")),
        notes=(_NO_COUNTERPART,),
    )
    root.text("comment", "")
    root.done()
    root.faults.raise_if_any(DraftError)
    return draft
