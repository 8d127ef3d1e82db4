"""The matrix: every target of a manifest resolved in one process, judged, and made a lock."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from types import MappingProxyType

from packaging.utils import NormalizedName
from packaging.version import Version

from locks import Error, Lock, Target
from locks.index import Http, IndexSettings, SimpleIndex
from locks.lock import ORDINARY_INDEX
from locks.progress import SILENT, Phase, Reporter, phase

from .assemble import assemble
from .errors import BlacklistError, ManifestError, ResolutionError
from .explaining.explain import explain
from .manifest.model import Manifest, Variant
from .mended import mended_lines
from .offers.cache import MetadataCache, PageCache
from .offers.catalogue import Catalogue
from .offers.wheels import Wheel
from .remarks import missing_extras, needless_cuda, unused_from_index
from .solving.age import report_lines
from .solving.align import alignable, first_picks, lowest_picks, unaligned
from .solving.closure import Closure, Preferences, TargetRun
from .torch.validity import judge_targets

ALIGNMENT_ROUNDS = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where answers come from: the indexes, and what they said before."""

    settings: IndexSettings
    pages: PageCache | None = None
    metadata: MetadataCache | None = None

    def ordinary_addresses(self) -> tuple[str, ...]:
        """Give what the ordinary index is made of; nothing where it is but folders of someone's own (`no-index`)."""
        settings = self.settings
        return (*settings.index_urls, *settings.find_links) if settings.index_urls else ()

    def open_catalogue(self, manifest: Manifest) -> Catalogue:
        """Reach the ordinary index and those of the manifest's variants."""
        settings, http = self.settings, Http(self.settings)
        ordinary = SimpleIndex(http, roots=settings.index_urls, find_links=settings.find_links, pages=self.pages)
        own = {item.name: item.index for item in manifest.variants if item.index}
        indexes = {name: SimpleIndex(http, roots=(url,), pages=self.pages) for name, url in own.items()}
        catalogue = Catalogue(http, {ORDINARY_INDEX: ordinary, **indexes}, self.metadata, cutoff=manifest.cutoff)
        http.received = lambda size_bytes: catalogue.advance("", size_bytes, 0)
        return catalogue

    def cache_failures(self) -> tuple[str, ...]:
        """Give what kept answers from being remembered."""
        return tuple(failure for cache in (self.pages, self.metadata) if cache for failure in cache.failures)


class _Matrix:
    """The closures of all targets, aligned as far as they go."""

    def __init__(self, runs: Iterable[TargetRun], catalogue: Catalogue, reporter: Reporter) -> None:
        self._runs = {run.target: run for run in runs}
        self._catalogue = catalogue
        self._reporter = reporter
        self._tried: set[tuple[Target, NormalizedName, Version]] = set()
        self._kept: dict[Target, Preferences] = {}
        self.closures: dict[Target, Closure] = {}

    @contextmanager
    def _watched(self, name: str, subject: str = "") -> Iterator[None]:
        """Have what is looked up meanwhile counted."""
        with phase(self._reporter, name, subject=subject, unit="answers") as watching:
            self._catalogue.advance = watching.advance
            yield

    def close(self, previous: Mapping[str, Preferences]) -> None:
        """Resolve every target; what an earlier lock or an earlier target took is preferred.

        Raises:
            ResolutionError, BlacklistError: for all targets together, each cause once.
        """
        failures: list[tuple[TargetRun, Error]] = []
        for number, (target, run) in enumerate(self._runs.items(), 1):
            picks = first_picks(self.closures.values())
            self._kept[target] = {**picks, **previous.get(target.name, {})}
            with self._watched("resolving", f"{target} ({number} of {len(self._runs)})"):
                try:
                    self.closures[target] = run.close(self._kept[target])
                except (ResolutionError, BlacklistError) as error:
                    failures.append((run, error))
        if failures:
            healthy = [run for target, run in self._runs.items() if target in self.closures]
            with self._watched("explaining"):
                explained = explain(failures, healthy, self._reporter)
            raise explained

    def _wheel(self, closure: Closure, name: NormalizedName, version: Version) -> Wheel | None:
        """Give the closure's target's wheel of that version, from where it takes the package."""
        index = closure.graph.wheels[name].index
        shelf = self._catalogue.shelf(name, index=index, target=closure.target, allow_yanked=False)
        return shelf.wheels.get(version)

    def has_wheel(self, closure: Closure, name: NormalizedName, version: Version) -> bool:
        """Say whether the closure's target has a wheel of that version."""
        return self._wheel(closure, name, version) is not None

    def obstacle(self, closure: Closure, name: NormalizedName, version: Version) -> str:
        """Say what else than a requirement on it keeps a closure from that version of a package."""
        wheel = self._wheel(closure, name, version)
        if wheel is None:
            return f"{closure.target} has no wheel of {version}"
        unmet = self._runs[closure.target].unmet(closure.graph, wheel)
        return f"{version} requires {unmet}" if unmet else f"{version} does not go with the rest on {closure.target}"

    def _untried(self, target: Target, moves: Preferences) -> Preferences:
        fresh = {name: version for name, version in moves.items() if (target, name, version) not in self._tried}
        self._tried |= {(target, name, version) for name, version in fresh.items()}
        return fresh

    def align(self) -> None:
        """Resolve again, at another target's lower versions, each target that could take them."""
        for _ in range(ALIGNMENT_ROUNDS):
            lowest = lowest_picks(self.closures.values())
            moves = {
                target: moved
                for target, closure in self.closures.items()
                if (moved := self._untried(target, alignable(closure, lowest, self.has_wheel)))
            }
            for target, moved in moves.items():
                self._reporter.noted(
                    f"aligning {target}: {', '.join(f'{name} {version}' for name, version in moved.items())}"
                )
                own = {name: wheel.version for name, wheel in self.closures[target].graph.wheels.items()}
                with self._watched("aligning", target.name), suppress(ResolutionError, BlacklistError):  # then it stays
                    kept = {**self._kept[target], **moved}
                    self.closures[target] = self._runs[target].close({**own, **moved}, kept=kept)
            if not moves:
                return


def compile_manifest(
    manifest: Manifest,
    source: Source,
    *,
    targets: Collection[tuple[Variant, Target]] | None = None,
    previous: Mapping[str, Preferences] = MappingProxyType({}),
    reporter: Reporter = SILENT,
) -> tuple[Lock, ...]:
    """Resolve `targets` of the manifest (default: all) and give their locks, in that order.

    `previous` maps a target's name to the versions it took before, which are kept where nothing speaks against it.
    The targets are brought to one version of each package where they can be. `reporter` is warned of what differs
    between targets and why, of what was asked for in vain, and of what is old; it hears of each target's phase, in
    answers and bytes received, from any thread.

    Source: PEP 440 and 508 (versions and requirements), PEP 658 (metadata beside wheels).

    Raises:
        ManifestError: a target that cannot exist; nothing has been looked up then.
        ResolutionError, BlacklistError: for all targets together, each cause once. No lock is given then.
        IndexUnavailable: an index or a file on it cannot be had.
    """
    chosen = list(manifest.targets() if targets is None else targets)
    if problems := judge_targets(chosen, manifest.requirements, ordinary=source.ordinary_addresses()):
        raise ManifestError(problems)
    catalogue = source.open_catalogue(manifest)
    try:
        matrix = _Matrix((TargetRun(manifest, *pair, catalogue) for pair in chosen), catalogue, reporter)
        matrix.close(previous)
        matrix.align()
        closures = tuple(matrix.closures.values())
        for line in mended_lines(closures, catalogue.metadata):
            reporter.warned(line)
        for line in unaligned(closures, matrix.obstacle):
            reporter.warned(line)
        for line in (*unused_from_index(closures), *missing_extras(closures, lambda it: catalogue.metadata(it).extras)):
            reporter.warned(line)
        for line in needless_cuda(closures):
            reporter.warned(line)
        for line in report_lines({closure.target: closure.lags for closure in closures}, manifest.age):
            reporter.warned(line)
        with phase(reporter, "locking", total=len(closures), unit="locks") as locking:
            catalogue.advance = lambda item, more_bytes, _: locking.advance(item, more_bytes)
            return tuple(_lock(manifest, closure, catalogue, locking) for closure in closures)
    finally:
        catalogue.close(wait=False)
        for failure in source.cache_failures()[:1]:
            reporter.warned(f"nothing is remembered for the next run: cannot write to {failure}")


def _lock(manifest: Manifest, closure: Closure, catalogue: Catalogue, locking: Phase) -> Lock:
    wheels = closure.graph.wheels
    locking.advance(closure.target.name)
    lock = assemble(
        manifest,
        closure,
        digests=catalogue.digests(wheels.values()),
        licences={name: catalogue.metadata(wheel).licence for name, wheel in wheels.items()},
    )
    locking.advance(closure.target.name, more=1)
    return lock
