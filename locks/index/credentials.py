"""User names and passwords for addresses: from index addresses and netrc; and addresses without them, for showing."""

import netrc
import os
import re
from collections.abc import Iterable
from contextlib import suppress
from functools import cache
from itertools import takewhile
from urllib.parse import unquote, urlsplit

Pair = tuple[str, str]
_USER_PART = re.compile(
    r"(?<=//)[^/?#]*@"
    r"|(?<=//)[^/?#\s[]*:(?![0-9]*[/?#])[^@\s]*@(?:[^/?#\s]*@)?"  # a slash in the password; no port is like that
    r"|^[^/?#\\]*@"  # the scheme was forgotten
)


def redact(url: str) -> str:
    """Give `url` without user name and password, be it ever so broken."""
    return _USER_PART.sub("", url)


def host_of(url: str) -> str:
    """Give host and port; raises ValueError for an address that is none."""
    return urlsplit(redact(url)).netloc


def pair_in(url: str) -> Pair | None:
    """Give the user name and password in an address, if there is one; raises ValueError."""
    parts = urlsplit(url)
    return (unquote(parts.username), unquote(parts.password or "")) if parts.username else None


@cache
def netrc_pair(hostname: str) -> Pair | None:
    """Look a host up in netrc, at the place `NETRC` names or the usual one; an unreadable file says nothing."""
    with suppress(OSError, netrc.NetrcParseError, ValueError):
        entry = netrc.netrc(os.environ.get("NETRC") or None).authenticators(hostname)
        return (entry[0], entry[2] or "") if entry else None
    return None


def _shared_segments(one: str, other: str) -> int:
    pairs = zip(one.split("/"), other.split("/"), strict=False)
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))


class Credentials:
    """What the configured addresses tell of user names and passwords; held in memory alone."""

    def __init__(self, urls: Iterable[str] = ()) -> None:
        self._pairs: dict[str, Pair] = {}
        """Address without credentials -> what stood in it."""
        self.learn(urls)

    def learn(self, urls: Iterable[str]) -> None:
        """Take note of the credentials in the addresses of indexes; what is no address has none."""
        for url in urls:
            with suppress(ValueError):
                if pair := pair_in(url):
                    self._pairs[redact(url)] = pair

    def pair_for(self, url: str) -> Pair | None:
        """Give what to send to `url`: its own, else that of the nearest index on its host, else netrc's.

        Raises ValueError for an address that is none.
        """
        if own := pair_in(url):
            return own
        host, bare = host_of(url), redact(url)
        near = [known for known in self._pairs if host_of(known) == host]
        if near:  # two indexes on one host may have a token each
            return self._pairs[max(near, key=lambda known: _shared_segments(known, bare))]
        return netrc_pair(urlsplit(url).hostname or "")
