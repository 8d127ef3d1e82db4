"""What the indexes offer, looked up once for all targets and from many threads.

Pages and metadata are fetched by whoever asks first; others wait for that answer. `foresee` asks ahead in the
background, so that the resolver, which asks for one thing after another, seldom waits.
"""

from collections.abc import Callable, Hashable, Iterable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from threading import Lock as Mutex
from typing import Generic, TypeVar

from packaging.requirements import InvalidRequirement, Requirement
from packaging.tags import Tag
from packaging.utils import NormalizedName

from locks import IndexUnavailable, Target
from locks.index import Http, Link, Presence, SimpleIndex
from locks.index.client import local_path
from locks.metadata import WheelMetadata, active_requirements, parse_metadata
from locks.progress import Advance, uncounted

from .cache import MetadataCache
from .lookahead import Lookahead
from .remote import damaged, fetch_metadata, hash_file, project_of
from .wheels import NO_CUTOFF, Cutoff, Shelf, Wheel, rank_tags, shelve, wheels_among

_K = TypeVar("_K", bound=Hashable)
_V = TypeVar("_V")
DIGEST_THREADS = 8


class Once(Generic[_K, _V]):
    """Computes a value for a key at most once, in the thread that asks first; the others wait for it."""

    def __init__(self, compute: Callable[[_K], _V]) -> None:
        self._compute = compute
        self._futures: dict[_K, Future[_V]] = {}
        self._mutex = Mutex()

    def __call__(self, key: _K) -> _V:
        with self._mutex:
            future = self._futures.get(key)
            first = future is None
            if future is None:
                future = self._futures[key] = Future()
        if first:
            try:
                future.set_result(self._compute(key))
            except BaseException as error:  # the waiting threads must get it too
                future.set_exception(error)
        return future.result()


def _rank_of(target: Target) -> dict[Tag, int]:
    return rank_tags(target.tags())


class Catalogue:
    """Wheels and their metadata, by project and index alias."""

    def __init__(
        self,
        http: Http,
        indexes: Mapping[str, SimpleIndex],
        known: MetadataCache | None = None,
        *,
        cutoff: Cutoff = NO_CUTOFF,
    ) -> None:
        """`indexes` are by alias; what `known` remembers is not asked for; what `cutoff` refuses is on no shelf."""
        self._http = http
        self._cutoff = cutoff
        self._known = known
        self._indexes = indexes
        self._pages = Once(self._fetch_page)
        self._metadata = Once(self._fetch_metadata)
        self._digests = Once(self._digest)
        self._shelves = Once(self._fill_shelf)
        self._ranks = Once(_rank_of)
        self._active = Once(self._read_active)
        self._whereabouts = Once(self._look_for)
        self._lookahead = Lookahead()
        self.advance: Advance = uncounted
        """Told of each page and each wheel's metadata that is read, and of the package that is being settled."""

    def _fetch_page(self, key: tuple[NormalizedName, str]) -> tuple[Wheel, ...]:
        name, alias = key
        wheels = wheels_among(self._indexes[alias].links(name), name=name, index=alias)
        self.advance(name, 0, 1)
        return wheels

    def _fetch_metadata(self, link: Link) -> WheelMetadata:
        known = None if local_path(link.url) else self._known  # a file at hand is asked itself
        metadata = known.get(link) if known else None
        if metadata is None:
            data = fetch_metadata(self._http, link)
            try:
                metadata = parse_metadata(data, project=project_of(link))
            except ValueError as error:
                raise damaged(link, str(error)) from None
            if known:
                known.put(link, data, metadata)
        self.advance(project_of(link), 0, 1)
        return metadata

    def wheels(self, name: NormalizedName, *, index: str) -> tuple[Wheel, ...]:
        """Give every wheel of `name` on the index with that alias, as the pages list them.

        Raises:
            IndexUnavailable: the index cannot be read.
        """
        return self._pages((name, index))

    def whereabouts(self, name: NormalizedName, *, index: str) -> tuple[tuple[Presence, ...], int]:
        """Give what each place answers about `name`, asked anew, and how many files it has there that are no wheels.

        To explain why there is no wheel of it.
        """
        return self._whereabouts((name, index))

    def _look_for(self, key: tuple[NormalizedName, str]) -> tuple[tuple[Presence, ...], int]:
        name, index = key
        own = self._indexes[index]
        with suppress(IndexUnavailable):
            return own.presence(name), sum(not link.filename.endswith(".whl") for link in own.links(name))
        return (), 0

    def _fill_shelf(self, key: tuple[NormalizedName, str, Target, bool]) -> Shelf:
        name, alias, target, allow_yanked = key
        wheels = self.wheels(name, index=alias)
        rank = self._ranks(target)
        return shelve(wheels, target=target, rank=rank, allow_yanked=allow_yanked, cutoff=self._cutoff)

    def shelf(self, name: NormalizedName, *, index: str, target: Target, allow_yanked: bool) -> Shelf:
        """Give what `target` can choose from; sorted once for all its resolutions.

        Raises:
            IndexUnavailable: the index cannot be read.
        """
        return self._shelves((name, index, target, allow_yanked))

    def metadata(self, wheel: Wheel) -> WheelMetadata:
        """Give the metadata of this very wheel; two wheels of one version may differ.

        Raises:
            IndexUnavailable: it cannot be had.
        """
        return self._metadata(wheel.link)

    def _read_active(self, key: tuple[Wheel, Target, frozenset[str]]) -> tuple[Requirement, ...]:
        wheel, target, extras = key
        return tuple(active_requirements(self.metadata(wheel), target.environment(), extras))

    def active(self, wheel: Wheel, *, target: Target, extras: frozenset[str]) -> tuple[Requirement, ...]:
        """Give what the wheel requires on `target` with `extras`; read once for all its resolutions.

        Raises:
            IndexUnavailable: its metadata cannot be had.
            InvalidRequirement: a line that holds there cannot be read.
        """
        return self._active((wheel, target, extras))

    def _digest(self, link: Link) -> tuple[str, int]:
        if link.sha256 is None or local_path(link.url):  # a file at hand is asked itself
            return hash_file(self._http, link.url)
        size_bytes = link.size_bytes if link.size_bytes is not None else self._http.size_bytes(link.url)
        return link.sha256, size_bytes

    def digests(self, wheels: Iterable[Wheel]) -> dict[NormalizedName, tuple[str, int]]:
        """Give each wheel's sha256 and size in bytes; what the index does not tell is asked for, in parallel.

        A wheel whose page gives no sha256 is read whole to hash it, once for all targets.

        Raises:
            IndexUnavailable: a file cannot be had.
        """
        by_name = {wheel.name: wheel for wheel in wheels}
        with ThreadPoolExecutor(DIGEST_THREADS, thread_name_prefix="digest") as pool:
            found = pool.map(self._digests, (wheel.link for wheel in by_name.values()))
            return dict(zip(by_name, found, strict=True))

    def foresee(self, look: Callable[[], None]) -> None:
        """Run `look` in the background; what it asks for is then at hand. Its failures show when asked again."""

        def quietly() -> None:
            with suppress(IndexUnavailable, InvalidRequirement):
                look()

        self._lookahead.add(quietly)

    def close(self, *, wait: bool = True) -> None:
        """Stop looking ahead; wait for what is under way, unless in a hurry."""
        self._lookahead.close(wait=wait)
