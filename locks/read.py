"""Locks as PEP 751 documents: the reading half.

A document is accepted only if it is a valid pylock, carries our tool table, and `select()`s exactly its own wheels
with the target's environment and tags.
"""

import tomllib
from collections.abc import Mapping
from typing import Any

from packaging.pylock import Package, Pylock, PylockSelectError, PylockValidationError
from packaging.requirements import InvalidRequirement
from packaging.utils import canonicalize_name

from .digest import is_sha256
from .files import MAX_LOCK_BYTES, is_plain_path
from .lock import MAX_TIMEOUT_S, ORDINARY_INDEX, Check, Drop, LeftOut, Limits, Lock, LockedFile, LockedWheel
from .metadata import parse_strictly
from .problem import LockError, Problem
from .pylock import FORMAT, WHEELS_FOLDER, parse_driver
from .table import Faults, Table
from .target import PLATFORMS, PYTHONS, VARIANTS, Target, parse_floor

_ZIP_BEGINS = b"PK"


def _read_target(table: Table) -> Target | None:
    variant, platform_name, python = table.text("variant"), table.text("platform"), table.text("python")
    floor_text = table.text("floor", "")
    for key, value, known in (("variant", variant, VARIANTS), ("python", python, PYTHONS)):
        if value not in known:
            table.fault(key, expected=f"one of {', '.join(known)}", found=repr(value))
    platform = PLATFORMS.get(platform_name)
    if platform is None:
        table.fault("platform", expected=f"one of {', '.join(PLATFORMS)}", found=repr(platform_name))
        return None
    floor = None
    if platform.floor_of is not None:
        try:
            floor = parse_floor(floor_text)
        except ValueError:
            table.fault("floor", expected="two numbers, as 2.28", found=repr(floor_text))
            return None
    return Target(variant=variant, platform=platform, python=python, floor=floor)


def _read_check(table: Table) -> Check:
    check = Check(
        name=table.text("name"),
        code=table.text("code"),
        after=tuple(canonicalize_name(name) for name in table.texts("after", ())),
        needs_gpu=table.flag("needs-gpu", default=False),
        critical=table.flag("critical", default=True),
        timeout_s=table.number("timeout-s"),
    )
    if check.timeout_s > MAX_TIMEOUT_S:
        table.fault("timeout-s", expected=f"at most {MAX_TIMEOUT_S} seconds", found=str(check.timeout_s))
    table.done()
    return check


def read_drop(table: Table) -> Drop:
    """Read one `[[drop]]`, the same in manifest and lock."""
    drop = Drop(
        package=canonicalize_name(table.text("package")),
        requires=canonicalize_name(table.text("requires")),
        reason=table.text("reason"),
        expires=table.day("expires"),
    )
    table.done()
    return drop


def _read_file(table: Table) -> LockedFile:
    file = LockedFile(path=table.text("path"), size_bytes=table.number("size"), sha256=table.text("sha256"))
    if not is_plain_path(file.path):
        table.fault("path", expected="a plain relative path", found=repr(file.path))
    if not is_sha256(file.sha256):
        table.fault("sha256", expected="64 lower-case hex digits", found=repr(file.sha256))
    table.done()
    return file


def _read_left_out(table: Table) -> LeftOut:
    left_out = LeftOut(group=table.text("group"), reason=table.text("reason"))
    table.done()
    return left_out


def _read_limits(table: Table) -> Limits:
    limits = Limits(
        driver=table.parsed("driver", parse_driver, expected="numbers joined by dots", fallback=()),
        compute_capabilities=table.texts("compute-capabilities", ()),
        ptx=table.texts("ptx", ()),
    )
    table.done()
    return limits


def _read_requirements(table: Table, key: str) -> tuple[str, ...]:
    lines = []
    for place, line in table.numbered_texts(key, ()):
        try:
            parse_strictly(line)
        except InvalidRequirement:
            table.fault(place, expected="a PEP 508 requirement", found=repr(line))
        lines.append(line)
    return tuple(lines)


def _read_wheel(package: Package, position: int, faults: Faults) -> LockedWheel | None:
    where = f"packages[{position}]"
    if package.version is None or package.wheels is None or len(package.wheels) != 1 or package.sdist:
        faults.add(where, expected="a version and exactly one wheel", found=f"something else for {package.name}")
        return None
    wheel = package.wheels[0]
    sha256 = wheel.hashes.get("sha256", "")
    # NOTE: the build tag of a wheel's name may hold anything, "1/../.." too.
    if wheel.path != f"{WHEELS_FOLDER}/{wheel.filename}" or "/" in wheel.filename or not is_plain_path(wheel.filename):
        faults.add(f"{where}.wheels[0].path", expected=f"'{WHEELS_FOLDER}/FILE'", found=repr(wheel.path))
    if not is_sha256(sha256):
        faults.add(f"{where}.wheels[0].hashes.sha256", expected="64 lower-case hex digits", found=repr(sha256))
    if wheel.size is None or wheel.size < 0:
        faults.add(f"{where}.wheels[0].size", expected="a size in bytes", found=repr(wheel.size))
    ours = Table(package.tool or {}, path=f"{where}.tool", faults=faults).table("venvault")
    index, licence = ours.text("index", ORDINARY_INDEX), ours.text("licence", "")
    if not index:
        ours.fault("index", expected="an index's alias", found="''")
    requires = _read_requirements(ours, "requires")
    ours.done()
    return LockedWheel(
        name=package.name,
        version=package.version,
        filename=wheel.filename,
        size_bytes=wheel.size or 0,
        sha256=sha256,
        dependencies=tuple(canonicalize_name(str(edge.get("name"))) for edge in package.dependencies or ()),
        requires=requires,
        licence=licence,
        index=index,
    )


def _judge_graph(lock: Lock, faults: Faults) -> None:
    names = {wheel.name for wheel in lock.wheels}
    if sorted(lock.install_order) != sorted(names):
        faults.add("tool.venvault.install-order", expected="every package once", found="other names")
    for position, wheel in enumerate(lock.wheels):
        for missing in sorted(set(wheel.dependencies) - names):
            faults.add(f"packages[{position}].dependencies", expected="packages of this lock", found=repr(missing))
    for position, check in enumerate(lock.checks):
        for missing in sorted(set(check.after) - names):
            faults.add(f"tool.venvault.check[{position}].after", expected="packages of this lock", found=repr(missing))
    for banned in sorted(names & set(lock.blacklist)):
        faults.add("packages", expected=f"no {banned} ({lock.blacklist[banned]})", found=f"{banned} in the lock")


def _judge_selection(pylock: Pylock, target: Target, faults: Faults) -> None:
    try:
        selected = list(pylock.select(environment=target.environment(), tags=target.tags()))
    except (PylockSelectError, ValueError, KeyError) as error:  # ValueError: a marker that parses but has no meaning
        faults.add("packages", expected=f"wheels for {target}", found=str(error))
        return
    if len(selected) != len(pylock.packages):
        faults.add("packages", expected="every package selected", found=f"{len(selected)} of {len(pylock.packages)}")


def _parse_document(data: bytes, document: str) -> Pylock:
    def refuse(found: str, hint: str = "") -> LockError:
        return LockError(
            Problem(code="lock-invalid", where=document, expected="a PEP 751 lock", found=found, hint=hint)
        )

    if data.startswith(_ZIP_BEGINS):
        raise refuse("a zip, as a bundle is, and no lock", "name the lock it was made of, or its pylock.toml, unzipped")
    if len(data) > MAX_LOCK_BYTES:
        raise refuse(f"more than {MAX_LOCK_BYTES} bytes")
    try:
        content = tomllib.loads(data.decode("utf-8"))
        if "stack" in content and "lock-version" not in content:
            raise refuse("a manifest, which is no lock", "compile it first: `venvault compile MANIFEST`")
        return Pylock.from_dict(content)
    except (ValueError, PylockValidationError, RecursionError) as error:
        raise refuse(str(error)) from None


def _without_none(target: Target | None) -> Target:
    assert target is not None, "a lock without a target has faults, and those were raised"
    return target


def read_lock(data: bytes, *, document: str) -> Lock:
    """Read a lock; `document` names it in problems.

    Raises:
        LockError: it is no PEP 751 document, not one of ours, of a newer format, or contradicts itself.
    """
    pylock = _parse_document(data, document)
    faults = Faults(code="lock-invalid", document=document)
    tool: Mapping[str, Any] = pylock.tool or {}
    table = Table(tool, path="tool", faults=faults).table("venvault", required=True)
    if table.number("format") > FORMAT:
        table.fault("format", expected=f"at most {FORMAT}", found="a newer one", hint="update venvault")
        faults.raise_if_any(LockError)
    target = _read_target(table)
    wheels = [_read_wheel(package, position, faults) for position, package in enumerate(pylock.packages)]
    contents: dict[str, Any] = {
        "stack": table.text("stack"),
        "stack_version": table.text("stack-version"),
        "manifest_sha256": table.text("manifest-sha256"),
        "exclude_newer": table.day("exclude-newer"),
        "requirements": _read_requirements(table, "requirements"),
        "install_order": tuple(map(canonicalize_name, table.texts("install-order"))),
        "blacklist": {canonicalize_name(name): why for name, why in table.text_map("blacklist").items()},
        "limits": _read_limits(table.table("limits")),
        "left_out": tuple(map(_read_left_out, table.tables("left-out"))),
        "drops": tuple(map(read_drop, table.tables("drop"))),
        "checks": tuple(map(_read_check, table.tables("check"))),
        "files": tuple(map(_read_file, table.tables("file"))),
    }
    table.done()
    faults.raise_if_any(LockError)
    target = _without_none(target)
    lock = Lock(target=target, wheels=tuple(wheel for wheel in wheels if wheel is not None), **contents)
    _judge_graph(lock, faults)
    _judge_selection(pylock, target, faults)
    faults.raise_if_any(LockError)
    return lock
