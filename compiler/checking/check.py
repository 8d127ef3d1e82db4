"""Do locks follow from their manifest? Judged by the two alone: no index is asked. Pure.

What only an index knows is taken as it stands: digests, sizes, licences, why a group was left out, what was dropped,
and requirement lines that are met.
"""

import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields, replace
from pathlib import Path

from locks import Lock, LockError, Problem, Target
from locks.read import read_lock

from ..manifest.model import Manifest, Variant
from ..torch.cuda import judge_variant
from ..write import to_bytes
from .consistency import HINT, judge_wheels
from .facts import changes_between
from .rewrite import lines_for, rewritten


def _judge_facts(lock: Lock, expected: Lock) -> Iterator[Problem]:
    """Name the parts that differ: what moved in the manifest since, or else what was edited in the lock."""
    changes = changes_between(lock, expected)
    if lock.manifest_sha256 != expected.manifest_sha256:
        moved = "; ".join(map(str, changes)) or "nothing that shows in the lock"
        yield Problem(
            code="lock-stale",
            where="manifest-sha256",
            expected=f"{expected.manifest_sha256[:12]}, the manifest as it is",
            found=f"{lock.manifest_sha256[:12]}; moved since then: {moved}",
            hint=HINT,
        )
        return
    for change in changes:
        yield Problem(
            code="lock-differs",
            where=f"{change.topic} {change.subject}",
            expected=", ".join(change.come) or "nothing",
            found=", ".join(change.gone) or "nothing",
            hint=HINT,
        )


def _judge_order(lock: Lock, expected: Lock) -> Iterator[Problem]:
    """Name what differs although every fact is the same."""
    for field in fields(Lock):
        if getattr(lock, field.name) != getattr(expected, field.name):
            yield Problem(
                code="lock-differs",
                where=field.name.replace("_", "-"),
                expected="each once, in the order that compile writes",
                found="another order",
                hint=HINT,
            )


def _judge_form(lock: Lock, data: bytes) -> Iterator[Problem]:
    """Name what a lock need not have to be read, but has when `compile` wrote it; comments and layout are free."""
    written, found = (tomllib.loads(text.decode("utf-8")) for text in (to_bytes(lock), data))
    for key in sorted(written.keys() | found.keys()):
        if written.get(key) != found.get(key):
            yield Problem(
                code="lock-differs", where=key, expected="it as compile writes it", found="something else", hint=HINT
            )


def _judge_lock(manifest: Manifest, variant: Variant, target: Target, lock: Lock) -> list[Problem]:
    expected = rewritten(manifest, variant, target, lock)
    roots = lines_for(manifest, variant, target, lock)
    problems = [
        *_judge_facts(lock, expected),
        *judge_wheels(lock, roots, blacklist=manifest.blacklist, drops=manifest.drops),
    ]
    if wrong_build := judge_variant(target, {wheel.name: wheel for wheel in lock.wheels}):
        problems.append(replace(wrong_build, where="torch"))
    return problems or list(_judge_order(lock, expected))


def _judge_file(manifest: Manifest, variant: Variant, target: Target, data: bytes, document: str) -> Iterator[Problem]:
    try:
        lock = read_lock(data, document=document)
    except LockError as error:
        yield from error.problems
        return
    if lock.target.name != target.name:
        yield Problem(
            code="lock-misnamed",
            where=document,
            expected=f"a lock for {target}",
            found=f"one for {lock.target}",
            hint=HINT,
        )
        return
    for problem in _judge_lock(manifest, variant, target, lock) or _judge_form(lock, data):
        yield replace(problem, where=f"{document}: {problem.where}")


def judge_locks(
    manifest: Manifest,
    targets: Iterable[tuple[Variant, Target]],
    files: Mapping[Path, bytes],
    *,
    folder: Path,
    whole: bool,
) -> list[Problem]:
    """Give everything by which the lock `files` of `folder` are not what `compile` would leave there.

    Under `whole` the targets are all that the manifest has, and a lock of any other is a problem too.
    """
    problems: list[Problem] = []
    wanted = {folder / f"pylock.{target.name}.toml": (variant, target) for variant, target in targets}
    for path, (variant, target) in wanted.items():
        if path in files:
            problems += _judge_file(manifest, variant, target, files[path], str(path))
        else:
            missing = Problem(
                code="lock-missing", where=str(path), expected=f"a lock for {target}", found="none", hint=HINT
            )
            problems.append(missing)
    problems += [
        Problem(
            code="lock-orphaned",
            where=str(path),
            expected="locks of the manifest's targets only",
            found="a lock of none of them",
            hint="delete it, or give its target back to the manifest",
        )
        for path in sorted(files.keys() - wanted.keys())
        if whole
    ]
    return problems
