"""What every test of the index has: a server, connections to it, and nothing of this machine's own settings."""

import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from locks.index import Http, IndexSettings
from locks.index.credentials import netrc_pair

from tests.index_server import IndexServer

_FROM_OUTSIDE = {"NETRC", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE"}


@pytest.fixture(autouse=True)
def _bare_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    for name in [name for name in os.environ if name in _FROM_OUTSIDE or name.lower().endswith("_proxy")]:
        monkeypatch.delenv(name)
    for name in ("HOME", "USERPROFILE"):
        monkeypatch.setenv(name, str(tmp_path / "home"))
    monkeypatch.setattr(time, "sleep", lambda seconds: None)
    netrc_pair.cache_clear()
    yield
    netrc_pair.cache_clear()


@pytest.fixture
def server() -> Iterator[IndexServer]:
    """A running index."""
    with IndexServer() as running:
        yield running


@pytest.fixture
def http() -> Http:
    """Connections with nothing configured."""
    return Http(IndexSettings(index_urls=()))
