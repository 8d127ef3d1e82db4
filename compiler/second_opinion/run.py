"""The cross-check of finished locks: which of them this machine can, what pip-compile is asked, and the verdict."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date

from locks import Lock, Problem, Target
from locks.progress import Reporter, phase

from ..compile import Source
from ..errors import CrossCheckError
from ..manifest.model import Manifest
from ..offers.catalogue import Catalogue
from ..solving.closure import NO_PREFERENCES, Preferences
from .comparison import Comparison
from .crosscheck import CrossCheck, differences
from .lookups import LookUps
from .pins import pinned_lines
from .pip_compile import ask_pip_compile, knows_cutoff, look_at_host


def is_host(target: Target) -> bool:
    """Say whether this machine and Python are the target's; the variant does not count."""
    return target.marker().evaluate()


def refuse_elsewhere(targets: Iterable[Target]) -> None:
    """Hold the targets of a run against this machine: pip-compile resolves for no other.

    Raises:
        CrossCheckError: none of them is for it.
    """
    targets = tuple(targets)
    if not any(map(is_host, targets)):
        here = look_at_host().environment
        machine = f"{here['sys_platform']} on {here['platform_machine']}"
        problem = Problem(
            code="cross-check-impossible",
            where="--cross-check",
            expected=f"a target for {machine} and Python {here['python_version']}",
            found=", ".join(target.name for target in targets),
            hint="run it on a machine and with a Python that the manifest has, or leave --cross-check out",
        )
        raise CrossCheckError(problem)


def _newest_day(lock: Lock, manifest: Manifest) -> date | None:
    """Give the cutoff that pip can be told; it refuses an index without upload times."""
    return lock.exclude_newer if knows_cutoff() and not manifest.cutoff.undated else None


def _limits(lock: Lock, manifest: Manifest) -> Iterator[str]:
    """Say what pip-compile cannot be told."""
    if given := pinned_lines(lock):
        yield f"pip-compile was given {', '.join(given)} as taken here, for pip knows no index for one package"
    if lock.exclude_newer != _newest_day(lock, manifest):
        why = "an index tells no upload times" if manifest.cutoff.undated else "pip knows that from 26.0"
        yield f"pip-compile was not told to exclude what is newer than {lock.exclude_newer} ({why})"


class _Checker:
    """Asks pip-compile about one lock after the other."""

    def __init__(self, manifest: Manifest, locks: Sequence[Lock], catalogue: Catalogue) -> None:
        self._manifest = manifest
        self._locks = locks
        self._catalogue = catalogue
        self._host = look_at_host()

    def check(self, lock: Lock, kept: Preferences) -> CrossCheck:
        """Have the lock's lines resolved again; versions `kept` were preferred.

        Raises:
            CrossCheckError: pip-compile failed.
            IndexUnavailable: an index or a file on it cannot be had.
        """
        target = lock.target
        (variant,) = (variant for variant in self._manifest.variants if variant.name == target.variant)
        given = pinned_lines(lock)
        pins = ask_pip_compile(
            (*lock.requirements, *given),
            where=target.name,
            own_index=variant.index if given else None,
            newest_day=_newest_day(lock, self._manifest),
        )
        own = dict.fromkeys(variant.taken_from_index(target), variant.name)
        look_ups = LookUps(self._catalogue, own, (*target.tags(), *self._host.tags))
        comparison = Comparison(
            lock=lock,
            pins=pins,
            host=self._host,
            wheels_of=look_ups.wheels_of,
            requires_of=look_ups.requires_of,
            kept=kept,
            others=tuple(other for other in self._locks if other is not lock),
            cutoff=self._manifest.cutoff,
        )
        return CrossCheck(differences=differences(comparison))


def cross_check(
    manifest: Manifest,
    locks: Sequence[Lock],
    source: Source,
    *,
    previous: Mapping[str, Preferences],
    reporter: Reporter,
) -> dict[Target, CrossCheck]:
    """Have pip-compile resolve those of `locks` that are for this machine, from the lines they were made of.

    `previous` is as for `compile_manifest`. What pip-compile cannot be told is warned of.

    Raises:
        CrossCheckError: it failed on some; what it said of the others is in the error's notes.
        IndexUnavailable: an index or a file on it cannot be had.
    """
    found: dict[Target, CrossCheck] = {}
    problems: list[Problem] = []
    catalogue = source.open_catalogue(manifest)
    try:
        checker = _Checker(manifest, locks, catalogue)
        for lock in locks:
            if is_host(lock.target):
                reporter.noted("pip-compile reads whole wheels, which may take minutes")
                for line in _limits(lock, manifest):
                    reporter.warned(f"cross-check of {lock.target}: {line}")
                with phase(reporter, "cross-checking", subject=lock.target.name):
                    try:
                        found[lock.target] = checker.check(lock, previous.get(lock.target.name, NO_PREFERENCES))
                    except CrossCheckError as error:
                        problems += error.problems
    finally:
        catalogue.close(wait=False)
    if problems:
        failure = CrossCheckError(problems)
        for target, check in found.items():
            for line in check.lines():
                failure.add_note(f"{target}: {line.strip()}")
        raise failure
    return found
