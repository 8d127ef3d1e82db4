"""The old installer's package entries as requirements. Pure.

A version is bare (6.8.1), a specifier (>=1,<2), nothing, or `FROM_CUDA_CONFIG` for what `cuda_configs` pins. Entries
stand in an array of tables, or in a table by name.
"""

from collections.abc import Iterator, Mapping
from functools import partial

from locks.table import Table

from ..manifest.requirement import read_requirement
from .draft import Wanted

SYSTEMS = {"linux": "linux-x86_64", "win32": "windows-x86_64", "darwin": "macos-arm64"}
"""The old installer's platforms, which are Python's `sys.platform`, and ours."""
_FROM_CUDA_CONFIG = "FROM_CUDA_CONFIG"
_ANY_VERSION = ("", "*", "any", "latest")


def _line(name: str, version: str, system: str) -> str:
    """Put a requirement together; a bare version is an exact one."""
    specifier = "" if version in _ANY_VERSION else version if version[0] in "<>=!~" else f"=={version}"
    return f"{name}{specifier} ; sys_platform == '{system}'" if system else f"{name}{specifier}"


def _requirement(text: str, table: Table, path: str, comment: str = "") -> Wanted | None:
    requirement = read_requirement(text, partial(table.faults.add, path))
    where = f"{table.faults.document}: {path}"
    return Wanted(requirement=requirement, where=where, comment=comment) if requirement else None


def _package(table: Table, name: str) -> tuple[Table, Wanted | None]:
    """Read one entry; no requirement where the CUDA configuration has it, or it cannot be read."""
    key = "specifier" if "specifier" in table else "version"
    version, system = table.text(key, "").strip(), table.text("platform", "")
    comment, reason = table.text("comment", ""), table.text("reason", "")
    table.number("order", 0)
    table.flag("critical", default=False)
    table.texts("install_args", ())
    if system not in ("", *SYSTEMS):
        table.fault("platform", expected=f"one of {', '.join(SYSTEMS)}", found=repr(system))
    elif name and version != _FROM_CUDA_CONFIG:
        return table, _requirement(_line(name, version, system), table, table.at(key), comment or reason)
    return table, None


def read_packages(parent: Table, key: str) -> Iterator[tuple[Table, Wanted | None]]:
    """Give each entry's table, of which more may be read, and its requirement."""
    if not isinstance(parent.peek(key), Mapping):
        for table in parent.tables(key):
            yield _package(table, table.text("name"))
        return
    by_name = parent.table(key)
    for name in by_name:
        if isinstance(by_name.peek(name), Mapping):
            yield _package(by_name.table(name), name)
        else:
            version = by_name.text(name, "")
            yield (
                Table({}, path=by_name.at(name), faults=by_name.faults),
                _requirement(_line(name, version, ""), by_name, by_name.at(name)),
            )
