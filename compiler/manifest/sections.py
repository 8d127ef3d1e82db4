"""The tables of a manifest, one reader for each; faults go to the document's collection."""

from collections.abc import Collection
from functools import partial
from urllib.parse import urlsplit

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from locks import Check
from locks.files import is_plain_path
from locks.index.credentials import redact
from locks.lock import DEFAULT_TIMEOUT_S, MAX_TIMEOUT_S
from locks.table import Table
from locks.target import DEFAULT_FLOORS, PLATFORMS, VARIANTS, Floor, parse_floor

from ..offers.wheels import Cutoff
from .model import DEFAULT_WARN_DAYS, AgeLimits, OptionalGroup, Variant
from .requirement import read_requirement


def is_address(text: str) -> bool:
    """Say whether an index can be reached there."""
    try:
        return urlsplit(text).scheme in ("http", "https", "file")
    except ValueError:
        return False


def read_requirements(table: Table, key: str = "requirements") -> tuple[Requirement, ...]:
    """Read PEP 508 lines; addresses are faults, because an offline machine cannot reach them."""
    found = []
    for place, text in table.numbered_texts(key, ()):
        if requirement := read_requirement(text, partial(table.fault, place)):
            found.append(requirement)
    return tuple(found)


def _read_from_index(table: Table) -> tuple[Requirement, ...]:
    named = read_requirements(table, "from-index")
    for item in named:
        if item.specifier or item.extras:
            table.fault("from-index", expected="names, perhaps with markers", found=repr(str(item)))
    return named


def read_choices(
    table: Table, key: str, known: tuple[str, ...], default: tuple[str, ...] | None = None
) -> tuple[str, ...]:
    """Read names out of the known ones, each once."""
    chosen: list[str] = []
    for place, value in table.numbered_texts(key, default):
        if value not in known:
            table.fault(place, expected=f"one of {', '.join(known)}", found=repr(value))
        elif value in chosen:
            table.fault(place, expected="each once", found=f"{value!r} again")
        else:
            chosen.append(value)
    if table.peek(key) == []:
        table.fault(key, expected="at least one", found="none")
    return tuple(chosen)


def read_floors(table: Table) -> dict[str, Floor]:
    """Read the stack's floors; those not given are the defaults."""
    floors = dict(DEFAULT_FLOORS)
    for name, default in DEFAULT_FLOORS.items():
        if name in table:
            floors[name] = table.parsed(name, parse_floor, expected="two numbers, as 2.28", fallback=default)
    for name in table:
        if name not in DEFAULT_FLOORS:
            table.fault(name, expected=f"one of {', '.join(DEFAULT_FLOORS)}", found="an unknown key")
    return floors


def read_variant(name: str, table: Table, *, platforms: tuple[str, ...], pythons: tuple[str, ...]) -> Variant:
    """Read one `[variants.NAME]`; without lists of its own it exists on all the stack's platforms and Pythons."""
    if name not in VARIANTS:
        table.faults.add(table.path, expected=f"one of {', '.join(VARIANTS)}", found=repr(name))
    index = table.text("index", "")
    variant = Variant(
        name=name,
        requirements=read_requirements(table),
        index=index or None,
        from_index=_read_from_index(table),
        platforms=tuple(PLATFORMS[value] for value in read_choices(table, "platforms", platforms, platforms)),
        pythons=read_choices(table, "python", pythons, pythons),
        sha256="",
    )
    if index and not is_address(index):
        table.fault("index", expected="an http, https or file address", found=repr(redact(index)))
    if bool(index) != bool(table.peek("from-index")):
        missing, present = ("from-index", "index") if index else ("index", "from-index")
        table.fault(missing, expected=f"a value beside {present!r}", found="nothing")
    table.done()
    return variant


def read_age(table: Table) -> AgeLimits:
    """Read `[age]`."""
    limits = AgeLimits(
        warn_days=table.number("warn-days", DEFAULT_WARN_DAYS),
        fail_days=table.number("fail-days") if "fail-days" in table else None,
        allowed=frozenset(map(canonicalize_name, table.texts("allow", ()))),
    )
    table.done()
    return limits


def read_cutoff(table: Table, aliases: Collection[str]) -> Cutoff:
    """Read `[exclude-newer]`; `aliases` are the indexes there are."""
    day = table.day("date")
    undated = table.texts("undated", ())
    for position, alias in enumerate(undated):
        if alias not in aliases:
            table.fault(f"undated[{position}]", expected=f"one of {', '.join(aliases)}", found=repr(alias))
    table.done()
    return Cutoff(day=day, undated=frozenset(undated))


def read_file_patterns(table: Table) -> tuple[str, ...]:
    """Read `[files]`; a pattern stays below the manifest's folder."""
    found = []
    for place, pattern in table.numbered_texts("include", ()):
        if not is_plain_path(pattern.removesuffix("/")):
            table.fault(
                place, expected="a path or pattern below the manifest's folder, as 'models/*'", found=repr(pattern)
            )
        found.append(pattern)
    table.done()
    return tuple(found)


def read_optional(name: str, table: Table) -> OptionalGroup:
    """Read one `[optional.NAME]`."""
    group = OptionalGroup(name=name, requirements=read_requirements(table))
    if not group.requirements:
        table.fault("requirements", expected="at least one requirement", found="none")
    table.done()
    return group


def _read_timeout(table: Table) -> int:
    timeout_s = table.number("timeout-s", DEFAULT_TIMEOUT_S)
    if timeout_s == 0 or timeout_s > MAX_TIMEOUT_S:
        table.fault("timeout-s", expected=f"1 to {MAX_TIMEOUT_S} seconds", found=str(timeout_s))
    return timeout_s


def read_check(table: Table) -> Check:
    """Read one `[[check]]`."""
    after = (table.text("after"),) if isinstance(table.peek("after"), str) else table.texts("after", ())
    needs = table.text("needs", "")
    if needs not in ("", "gpu"):
        table.fault("needs", expected="'gpu'", found=repr(needs))
    code = table.text("code")
    try:
        compile(code, "check", "exec")
    except (SyntaxError, ValueError, MemoryError, RecursionError) as error:
        table.fault("code", expected="Python source", found=str(error))
    check = Check(
        name=table.text("name"),
        code=code,
        after=tuple(map(canonicalize_name, after)),
        needs_gpu=needs == "gpu",
        critical=table.flag("critical", default=True),
        timeout_s=_read_timeout(table),
    )
    table.done()
    return check
