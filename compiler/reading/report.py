"""A comparison in words: one table of packages, one of CUDA libraries, and a note for everything else. Pure."""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from locks import Lock
from locks.sizes import megabytes

from ..checking.facts import Change
from .diff import Comparison, Move, Sizes


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Rows below a heading; every row has a cell for each column."""

    heading: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What a person wants to read, before it is laid out."""

    title: str
    tables: tuple[Table, ...] = ()
    notes: tuple[str, ...] = ()


def _megabytes(size_bytes: int) -> str:
    return megabytes(size_bytes, decimals=1 if size_bytes >= 10_000_000 else 2)


def _signed(size_bytes: int) -> str:
    return f"{'-' if size_bytes < 0 else '+'}{_megabytes(abs(size_bytes))}"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _size_words(every: Collection[Sizes]) -> str:
    """Say how a size moved; where that differs from target to target, from the least to the most."""
    if len(set(every)) > 1:
        growths = sorted(sizes.new_bytes - sizes.old_bytes for sizes in every)
        return f"{_signed(growths[0])} to {_signed(growths[-1])} MB"
    (sizes,) = set(every)
    growth_bytes = sizes.new_bytes - sizes.old_bytes
    if not growth_bytes:
        return f"{_megabytes(sizes.new_bytes)} MB"
    if not sizes.old_bytes or not sizes.new_bytes:
        return f"{_signed(growth_bytes)} MB"
    percent = 100 * growth_bytes / sizes.old_bytes
    return f"{_megabytes(sizes.old_bytes)} -> {_megabytes(sizes.new_bytes)} MB ({percent:+.1f} %)"


def _where(labels: Collection[str], every: Collection[str]) -> str:
    """Name the pairs of locks that something is true of, in the fewest names."""
    if len(labels) == len(every):
        return "all"
    if len(labels) > 1 and 2 * len(labels) > len(every):
        return f"all but {', '.join(label for label in every if label not in labels)}"
    return ", ".join(labels)


def _moves_table(heading: str, moves: Mapping[Move, Mapping[str, Sizes]], every: Collection[str]) -> Table:
    rows = [
        (
            move.name,
            move.kind,
            str(move.old or ""),
            str(move.new or ""),
            _size_words(sizes.values()),
            _where(sizes, every),
        )
        for move, sizes in moves.items()
    ]
    columns = ("package", "change", "old", "new", "size", "on")
    width = len(columns) if len(every) > 1 else len(columns) - 1
    return Table(heading=heading, columns=columns[:width], rows=tuple(row[:width] for row in rows))


def _totals_table(comparison: Comparison) -> Table:
    rows = []
    for label, pair in comparison.pairs.items():
        old, new = len(pair.old.wheels), len(pair.new.wheels)
        rows.append((label, str(old) if old == new else f"{old} -> {new}", _size_words([pair.sizes])))
    return Table(heading="", columns=("target", "packages", "size"), rows=tuple(rows))


def _notes(comparison: Comparison) -> Iterator[str]:
    for what, locks in (("added", comparison.added), ("removed", comparison.removed)):
        for lock in locks:
            size = f"{_count(len(lock.wheels), 'package')}, {_megabytes(lock.size_bytes)} MB"
            yield f"target {what}: {lock.target}, {size}"
    every = comparison.pairs
    for change, labels in comparison.changes().items():
        if change.topic != "stack":  # the title says it
            place = "" if len(labels) == len(every) else f" [on {_where(labels, every)}]"
            yield " ".join(f"{change}{place}".split())
    for what, labels in comparison.untold().items():
        yield f"{what}: not compared on {_where(labels, every)}, for one of the two locks tells none"


def _stacks(locks: Collection[Lock]) -> str:
    return ", ".join(dict.fromkeys(f"{lock.stack} {lock.stack_version}" for lock in locks))


def _title(comparison: Comparison) -> str:
    pairs = comparison.pairs.values()
    old = _stacks([*(pair.old for pair in pairs), *comparison.removed])
    new = _stacks([*(pair.new for pair in pairs), *comparison.added])
    name = old.partition(" ")[0]
    return old if old == new else f"{old} -> {new.removeprefix(f'{name} ')}"


def to_report(comparison: Comparison) -> Report:
    """Put a comparison in words; what is true of all targets is said once."""
    title, every = _title(comparison), comparison.pairs
    notes = tuple(_notes(comparison))
    if comparison.is_empty:
        return Report(title=f"{title}: no difference on {_count(len(every), 'target')}", notes=notes)
    moves = comparison.moves()
    counts = Counter(move.kind for move in moves)
    summary = ", ".join(f"{count} {kind}" for kind, count in counts.items()) or "no package moves"
    parts = {
        "packages": {move: sizes for move, sizes in moves.items() if not move.is_cuda},
        "CUDA libraries": {move: sizes for move, sizes in moves.items() if move.is_cuda},
    }
    tables = [_totals_table(comparison)] if every else []
    tables += [_moves_table(heading, part, every) for heading, part in parts.items() if part]
    return Report(title=f"{title}: {summary}", tables=tuple(tables), notes=notes)


def _lock_dict(lock: Lock) -> dict[str, Any]:
    return {
        "stack": lock.stack,
        "stack_version": lock.stack_version,
        "target": lock.target.name,
        "packages": len(lock.wheels),
        "size_bytes": lock.size_bytes,
    }


def _move_dict(move: Move, sizes: Mapping[str, Sizes]) -> dict[str, Any]:
    return {
        "name": move.name,
        "change": move.kind,
        "old": str(move.old) if move.old else None,
        "new": str(move.new) if move.new else None,
        "cuda": move.is_cuda,
        "targets": {label: {"old_bytes": size.old_bytes, "new_bytes": size.new_bytes} for label, size in sizes.items()},
    }


def _change_dict(change: Change, labels: list[str]) -> dict[str, Any]:
    return {
        "topic": change.topic,
        "subject": change.subject,
        "change": change.kind,
        "old": change.old,
        "new": change.new,
        "targets": labels,
    }


def to_dict(comparison: Comparison) -> dict[str, Any]:
    """Give a comparison JSON-ready, sizes in bytes."""
    pairs = comparison.pairs.items()
    return {
        "ok": True,
        "targets": {label: {"old": _lock_dict(pair.old), "new": _lock_dict(pair.new)} for label, pair in pairs},
        "added_targets": list(map(_lock_dict, comparison.added)),
        "removed_targets": list(map(_lock_dict, comparison.removed)),
        "packages": [_move_dict(move, sizes) for move, sizes in comparison.moves().items()],
        "changes": [_change_dict(change, labels) for change, labels in comparison.changes().items()],
        "not_compared": comparison.untold(),
    }
