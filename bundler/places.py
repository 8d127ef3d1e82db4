"""The indexes and folders that wheels are fetched from, made once for all locks. Imported when a wheel is missing."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from locks import Lock
from locks.index import Http, IndexSettings, SimpleIndex, read_pip_settings
from locks.index.client import is_local
from locks.lock import ORDINARY_INDEX

from .download import WheelSources


class Places:
    """Those of pip's configuration and of a request; offline, those on this machine alone."""

    def __init__(self, *, find_links: Iterable[str] = (), offline: bool = False) -> None:
        """`find_links` are folders, or pages of links, beside those that pip is configured for.

        Raises:
            IndexUnavailable: pip's configuration cannot be read.
        """
        settings = read_pip_settings()
        self._settings: IndexSettings = replace(
            settings, find_links=(*settings.find_links, *find_links), offline=offline
        )
        self._ordinary: dict[bool, WheelSources] = {}

    def _index(self, roots: Iterable[str], http: Http) -> SimpleIndex:
        def reachable(places: Iterable[str]) -> tuple[str, ...]:
            return tuple(place for place in places if is_local(place) or not self._settings.offline)

        return SimpleIndex(http, roots=reachable(roots), find_links=reachable(self._settings.find_links))

    def _open(self, *, patient: bool) -> WheelSources:
        http = Http(self._settings, patient=patient)
        return WheelSources(http=http, indexes={ORDINARY_INDEX: self._index(self._settings.index_urls, http)})

    def sources(self, lock: Lock, addresses: Mapping[str, str], *, patient: bool) -> WheelSources:
        """Give an index for every alias of a lock; wheels are told by their hash, so find-links count for all.

        Without patience, what cannot be reached is given up at once.
        """
        ordinary = self._ordinary.get(patient) or self._ordinary.setdefault(patient, self._open(patient=patient))
        aliases = {wheel.index for wheel in lock.wheels} - {ORDINARY_INDEX}
        own = {alias: self._index([addresses[alias]] if alias in addresses else [], ordinary.http) for alias in aliases}
        return WheelSources(http=ordinary.http, indexes={**ordinary.indexes, **own})
