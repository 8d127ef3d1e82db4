"""Where packages come from, as pip is configured here: addresses, certificate, proxy, time limit.

Quarantine: the only module that asks pip, because its configuration and its default index have no public interface.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ..problem import IndexUnavailable, Problem

_TRUE = {"1", "true", "t", "yes", "y", "on"}
# requests, and so pip, looks at the first two when no `cert` is configured; Python itself at the third.
_CA_VARIABLES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE")


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexSettings:
    """How to reach the ordinary index."""

    index_urls: tuple[str, ...]
    """Simple-index roots in the order they are asked: each `extra-index-url`, then `index-url`. pip has no order and
    merges them all, so that an upload to the ordinary index can outrank a private one. Empty under `no-index`."""
    find_links: tuple[str, ...] = ()
    """Folders, or pages of links."""
    ca_file: str | None = None
    """Or a folder of them, named as OpenSSL does."""
    client_certificate: str | None = None
    trusted_hosts: tuple[str, ...] = ()
    """Hosts whose certificate is not checked."""
    proxy: str | None = None
    timeout_s: float = 15.0
    offline: bool = False
    """Answer nothing that would have to be asked for."""


def settings_from_options(options: Mapping[str, str], environ: Mapping[str, str], default_url: str) -> IndexSettings:
    """Decide the settings from pip's option values, the process environment and pip's default index."""
    main = options.get("index-url") or default_url
    timeout_s = float(options.get("timeout") or options.get("default-timeout") or 15)
    if not 0 < timeout_s < 1e6:
        raise ValueError(f"timeout is {timeout_s} seconds")
    urls = (*options.get("extra-index-url", "").split(), main)
    ca_file = options.get("cert") or next(filter(None, map(environ.get, _CA_VARIABLES)), None)
    return IndexSettings(
        index_urls=() if options.get("no-index", "").lower() in _TRUE else urls,
        find_links=tuple(options.get("find-links", "").split()),
        ca_file=ca_file,
        client_certificate=options.get("client-cert") or None,
        trusted_hosts=tuple(options.get("trusted-host", "").split()),
        proxy=options.get("proxy") or None,
        timeout_s=timeout_s,
    )


def options_from_configuration(items: Mapping[str, str]) -> dict[str, str]:
    """Give the option values that hold for `pip install`: the environment over [install] over [global]."""
    options: dict[str, str] = {}
    for section in ("global", "install", ":env:"):
        for key, value in items.items():
            name, _, option = key.partition(".")
            if name == section and value.strip():
                options[option] = value.strip()
    return options


def _no_pip(found: str) -> IndexUnavailable:
    return IndexUnavailable(
        Problem(
            code="pip-configuration-unreadable",
            where="pip",
            expected="a pip whose configuration can be read",
            found=found,
            hint="install pip beside venvault, or mend the file it names",
        )
    )


def read_pip_settings() -> IndexSettings:
    """Read pip's configuration files and `PIP_*` variables.

    Raises:
        IndexUnavailable: pip is not installed here, or its configuration is broken.
    """
    try:
        from pip._internal.configuration import Configuration
        from pip._internal.exceptions import ConfigurationError
        from pip._internal.models.index import PyPI
    except ImportError as error:
        raise _no_pip(str(error)) from None
    configuration = Configuration(isolated=False)
    try:
        configuration.load()
    except ConfigurationError as error:
        raise _no_pip(str(error)) from None
    items = dict(_flattened(configuration.items()))
    try:
        return settings_from_options(options_from_configuration(items), os.environ, PyPI.simple_url)
    except ValueError as error:
        raise _no_pip(str(error)) from None


def _flattened(items: object) -> list[tuple[str, str]]:
    """Give (key, value) pairs; since pip 25.2 the values stand one level deeper, under the file they come from."""
    found: list[tuple[str, str]] = []
    for key, value in items:  # type: ignore[attr-defined]  # pip's internals are untyped for us
        if isinstance(value, Mapping):
            found.extend(value.items())
        else:
            found.append((key, value))
    return found


def bundled_certificates() -> Path | None:
    """Give the certificate authorities that pip itself carries, for systems without a store of their own."""
    try:
        from pip._vendor import certifi
    except ImportError:
        return None
    return Path(certifi.where())
