"""User names and passwords for hosts: from addresses and netrc; and addresses without them, for showing."""

import netrc
import os
import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from functools import cache
from urllib.parse import unquote, urlsplit

Pair = tuple[str, str]
_USER_PART = re.compile(r"(?<=//)[^/?#]*@")


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


def pairs_by_host(urls: Iterable[str]) -> Iterator[tuple[str, Pair]]:
    """Give the credentials in `urls`, each with its host and port; what is no address has none."""
    for url in urls:
        with suppress(ValueError):
            if pair := pair_in(url):
                yield host_of(url), pair


@cache
def netrc_pair(hostname: str) -> Pair | None:
    """Look a host up in netrc, at the place `NETRC` names or the usual one; an unreadable file says nothing."""
    with suppress(OSError, netrc.NetrcParseError, ValueError):
        entry = netrc.netrc(os.environ.get("NETRC") or None).authenticators(hostname)
        return (entry[0], entry[2] or "") if entry else None
    return None
