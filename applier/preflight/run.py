"""Preflight: everything is looked at before anything is said, and nothing is touched."""

import sys
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from locks import Lock, Problem
from locks.sizes import counted

from ..bundle.reader import Bundle
from ..bundle.sources import NOWHERE_ELSE, Sources, open_whole
from ..environment.receipt_file import receipt_if_any
from ..environment.serial import judge_serial, read_serials
from ..environment.siblings import Place, Siblings
from ..environment.skeleton import current_folder, is_environment, judge_place, resolve_place
from ..environment.tree import freed_bytes_of
from ..errors import ApplyRefused, BundleDamaged
from ..finding import Finding, ok, stop
from ..home import home_folder
from ..machine.facts import Machine
from ..machine.fit import judge_fit
from ..options import Options
from ..wheels.outline import outlines_in
from .judge import judge_access, judge_held, judge_lost, judge_path, judge_room, judge_runtime
from .packages import Package, added_by_hand, installed_packages
from .place import look_at_place
from .use import look_at_use

Report = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Preflight:
    """What was found, and what an apply goes on with when nothing stops it."""

    findings: tuple[Finding, ...]
    bundle: Bundle | None
    """None when it is damaged, and then something stops."""
    final: Path | None
    """Where the environment goes; None when there is no such place, and then something stops."""
    lost: tuple[Package, ...] = ()
    """Packages that go with the old environment."""


def _judge_bundle(path: Path, sources: Sources, report: Report) -> tuple[Bundle | None, list[Finding]]:
    try:
        bundle = open_whole(path, sources, report)
    except BundleDamaged as error:
        return None, [stop("bundle", problem) for problem in error.problems]
    except ApplyRefused as error:  # an update without its base
        return None, [stop("place", problem) for problem in error.problems]
    lock = bundle.lock
    where = f"all but {len(bundle.absent)} there" if bundle.absent else "all there"
    wheels = f"{counted(len(lock.wheels), 'wheels')}, {where}; their bytes are hashed later"
    found = f"{lock.stack} {lock.stack_version} for {lock.target}, {wheels}"
    return bundle, [ok("bundle", code="bundle-whole", what=bundle.path.name, found=found)]


def _old_of_ours(into: Path) -> Path | None:
    """Give the environment of ours that is to be replaced, be it still aside after a swap cut off."""
    try:
        siblings = Siblings(resolve_place(into))
    except ApplyRefused:  # told where the place is judged
        return None
    environments = (siblings.at(place) for place in (Place.FINAL, Place.OLD))
    return next((environment for environment in environments if receipt_if_any(environment)), None)


def _held_outlines(into: Path) -> Collection[str]:
    """Give the digests of the outlines that count at `into`."""
    old = _old_of_ours(into)
    return outlines_in(old) if old else ()


def _judge_held(bundle: Bundle, into: Path) -> Iterator[Finding]:
    """Judge what an update takes from the old environment; nothing of a bundle that is whole."""
    old = _old_of_ours(into) if bundle.absent else None
    if old is None:
        return
    from ..held import find_lacking, look_at_held  # which plans wheels; a look at a whole bundle does not

    try:
        yield from judge_held(find_lacking(look_at_held(old, bundle), old, bundle), old)
    except BundleDamaged as error:
        yield from (stop("bundle", problem) for problem in error.problems)


if sys.platform == "win32":
    from .windows import missing_runtime

    def _judge_system(lock: Lock) -> Iterator[Finding]:
        yield judge_runtime(missing_runtime(), lock)
else:

    def _judge_system(_lock: Lock) -> Iterator[Finding]:
        return iter(())


def _lost_packages(environment: Path) -> tuple[Package, ...]:
    receipt = receipt_if_any(environment)
    # Of an environment that is not ours all that is in it will be lost.
    return added_by_hand(installed_packages(environment), receipt.packages if receipt else {})


def _freed_bytes(final: Path, options: Options) -> int:
    """Add up what the user will have removed before the new environment is built."""
    places = (Place.PREVIOUS, Place.FINAL) if options.destroy_first else () if options.keep else (Place.PREVIOUS,)
    return freed_bytes_of(Siblings(final).at(place) for place in places)


def _judge_age(bundle: Bundle | None, final: Path, options: Options) -> Iterator[Finding]:
    highest = read_serials(final)
    if bundle and not options.allow_older:
        problems = judge_serial(bundle.contents.stack, bundle.contents.serial, highest, bundle=bundle.path.name)
        yield from (stop("place", problem) for problem in problems)


def _judge_inside(bundle: Bundle, final: Path) -> Iterator[Finding]:
    """Stop where files of the bundle, or of a base, lie in an environment that goes, now or with the next apply."""
    going = {Siblings(final).at(place) for place in Place}
    for path in sorted(bundle.read_from()):
        if going & {*path.resolve().parents}:
            expected, hint = "an environment that it does not lie in", "move it elsewhere, or name another folder"
            yield stop(
                "place",
                Problem(code="place-not-allowed", where=str(path), expected=expected, found=str(final), hint=hint),
            )


def _judge_room(bundle: Bundle | None, final: Path, options: Options) -> Iterator[Finding]:
    place = look_at_place(final)
    if options.destroy_first:
        place = replace(place, has_old=False)
    yield judge_access(place)
    if bundle:
        freed_bytes = _freed_bytes(final, options)
        yield from judge_room(bundle.contents, place, bytecode=options.bytecode, freed_bytes=freed_bytes)
        yield judge_path(bundle.contents, place)


def _unreadable(error: OSError, place: Path) -> Finding:
    return stop(
        "place",
        Problem(
            code="place-not-readable",
            where=str(error.filename or place),
            expected="a place that can be looked at",
            found=error.strerror or str(error),
            hint="ask its owner, or give another folder with --into",
        ),
    )


def preflight(
    path: Path,
    into: Path,
    *,
    machine: Machine,
    running_prefix: Path,
    sources: Sources = NOWHERE_ELSE,
    options: Options = Options(),  # noqa: B008  # frozen
    report: Report = lambda line: None,
    ahead: bool = False,
) -> Preflight:
    """Judge bundle, machine and place; whatever is wrong is a finding.

    The bytes of the wheels are not read: they are hashed when they are installed. `ahead` is for who does no more than
    look: so is what an apply finds out later itself, who uses the old environment, and whether that has what an update
    takes from it.
    """
    if not options.destroy_first:
        sources = replace(sources, outlines=partial(_held_outlines, into))
    bundle, findings = _judge_bundle(path, sources, report)
    if bundle:
        findings += [*judge_fit(bundle.lock, machine), *_judge_system(bundle.lock)]
        findings += _judge_held(bundle, into) if ahead else ()
    final, lost = None, tuple[Package, ...]()
    try:
        final = resolve_place(into)
        judge_place(final, running_prefix=running_prefix, current=current_folder(), home=home_folder())
        if bundle:
            findings += _judge_inside(bundle, final)
        findings += _judge_age(bundle, final, options)
        findings += _judge_room(bundle, final, options)
        if is_environment(final):
            lost = _lost_packages(final)
            findings.append(judge_lost(lost, final))
            if ahead:
                findings.append(look_at_use(final, stop=options.stop_processes))
    except ApplyRefused as error:
        findings += [stop("place", problem) for problem in error.problems]
    except OSError as error:
        findings.append(_unreadable(error, into))
    return Preflight(findings=tuple(findings), bundle=bundle, final=final, lost=lost)
