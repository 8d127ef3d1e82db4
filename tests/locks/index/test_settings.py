"""pip's configuration, read the way pip reads it."""

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from locks import IndexUnavailable
from locks.index import IndexSettings, read_pip_settings
from locks.index.settings import _flattened, bundled_certificates, options_from_configuration, settings_from_options

DEFAULT = "https://default.example/simple"
MIRROR = "https://mirror.example/simple"

EVERYTHING = f"""
[install]
index-url = {MIRROR}
extra-index-url =
    https://a.example/simple
    https://b.example/simple
find-links = /wheels file:///more
cert = /ca.pem
client-cert = /me.pem
trusted-host = a.example b.example:8443
proxy = http://proxy.example:3128
timeout = 3.5
no-index = no
"""


@pytest.mark.parametrize(
    ("options", "environ", "settings"),
    [
        pytest.param({}, {}, IndexSettings(index_urls=(DEFAULT,)), id="nothing configured"),
        pytest.param({"index-url": MIRROR}, {}, IndexSettings(index_urls=(MIRROR,)), id="index-url"),
        pytest.param(
            {"extra-index-url": "https://a.example\n  https://b.example"},
            {},
            IndexSettings(index_urls=("https://a.example", "https://b.example", DEFAULT)),
            id="extra-index-url first",
        ),
        pytest.param(
            {"find-links": "/wheels\nfile:///more"},
            {},
            IndexSettings(index_urls=(DEFAULT,), find_links=("/wheels", "file:///more")),
            id="several find-links",
        ),
        pytest.param(
            {"no-index": "true", "index-url": MIRROR, "extra-index-url": MIRROR, "find-links": "/wheels"},
            {},
            IndexSettings(index_urls=(), find_links=("/wheels",)),
            id="no-index leaves find-links",
        ),
        pytest.param({"cert": "/ca.pem"}, {}, IndexSettings(index_urls=(DEFAULT,), ca_file="/ca.pem"), id="cert"),
        pytest.param(
            {"cert": "/ca.pem"},
            {"REQUESTS_CA_BUNDLE": "/other.pem"},
            IndexSettings(index_urls=(DEFAULT,), ca_file="/ca.pem"),
            id="cert over the environment",
        ),
        pytest.param(
            {},
            {"REQUESTS_CA_BUNDLE": "/r.pem", "CURL_CA_BUNDLE": "/c.pem", "SSL_CERT_FILE": "/s.pem"},
            IndexSettings(index_urls=(DEFAULT,), ca_file="/r.pem"),
            id="REQUESTS_CA_BUNDLE first",
        ),
        pytest.param(
            {},
            {"REQUESTS_CA_BUNDLE": "", "CURL_CA_BUNDLE": "/c.pem", "SSL_CERT_FILE": "/s.pem"},
            IndexSettings(index_urls=(DEFAULT,), ca_file="/c.pem"),
            id="CURL_CA_BUNDLE next, empty is none",
        ),
        pytest.param(
            {},
            {"SSL_CERT_FILE": "/s.pem"},
            IndexSettings(index_urls=(DEFAULT,), ca_file="/s.pem"),
            id="SSL_CERT_FILE last",
        ),
        pytest.param(
            {"client-cert": "/me.pem"},
            {},
            IndexSettings(index_urls=(DEFAULT,), client_certificate="/me.pem"),
            id="client-cert",
        ),
        pytest.param(
            {"trusted-host": "a.example b.example:8443"},
            {},
            IndexSettings(index_urls=(DEFAULT,), trusted_hosts=("a.example", "b.example:8443")),
            id="trusted-host",
        ),
        pytest.param(
            {"proxy": "http://proxy.example:3128"},
            {"HTTPS_PROXY": "http://not.here"},
            IndexSettings(index_urls=(DEFAULT,), proxy="http://proxy.example:3128"),
            id="proxy",
        ),
        pytest.param({"timeout": "60"}, {}, IndexSettings(index_urls=(DEFAULT,), timeout_s=60.0), id="timeout"),
        pytest.param(
            {"default-timeout": "180"},
            {},
            IndexSettings(index_urls=(DEFAULT,), timeout_s=180.0),
            id="timeout by its other name",
        ),
        pytest.param({"quiet": "1", "retries": "9"}, {}, IndexSettings(index_urls=(DEFAULT,)), id="what is not ours"),
    ],
)
def test_settings_from_options(options: Mapping[str, str], environ: Mapping[str, str], settings: IndexSettings) -> None:
    """Each option of pip has its effect and no other."""
    assert settings_from_options(options, environ, DEFAULT) == settings


@pytest.mark.parametrize("text", ["1", "true", "True", "YES", "on", "y", "t"])
def test_no_index_is_said_yes_to(text: str) -> None:
    """Every word that pip takes for yes switches the indexes off."""
    assert settings_from_options({"no-index": text}, {}, DEFAULT).index_urls == ()


@pytest.mark.parametrize("text", ["0", "false", "no", "off", "N"])
def test_no_index_is_said_no_to(text: str) -> None:
    """Every word that pip takes for no leaves the indexes on."""
    assert settings_from_options({"no-index": text}, {}, DEFAULT).index_urls == (DEFAULT,)


@pytest.mark.parametrize("text", ["soon", "0", "-1", "nan", "inf"])
def test_timeout_must_be_seconds(text: str) -> None:
    """A time limit that no connection can have is refused, here and not in the middle of a request."""
    with pytest.raises(ValueError):
        settings_from_options({"timeout": text}, {}, DEFAULT)


@pytest.mark.parametrize(
    ("items", "options"),
    [
        pytest.param({}, {}, id="nothing"),
        pytest.param(
            {":env:.index-url": "e", "install.index-url": "i", "global.index-url": "g"},
            {"index-url": "e"},
            id="environment over all",
        ),
        pytest.param({"install.index-url": "i", "global.index-url": "g"}, {"index-url": "i"}, id="install over global"),
        pytest.param({"global.index-url": "g", "global.timeout": "5"}, {"index-url": "g", "timeout": "5"}, id="global"),
        pytest.param(
            {":env:.index-url": " ", "install.index-url": "", "global.index-url": " g\n"},
            {"index-url": "g"},
            id="empty values ignored",
        ),
        pytest.param({"download.index-url": "d", "freeze.index-url": "f"}, {}, id="other commands ignored"),
    ],
)
def test_options_from_configuration(items: Mapping[str, str], options: dict[str, str]) -> None:
    """What holds for `pip install` is found, the most special place first."""
    assert options_from_configuration(items) == options


@pytest.mark.parametrize(
    "items",
    [
        pytest.param({"global.index-url": "g", ":env:.timeout": "5"}, id="flat, up to pip 25.1"),
        pytest.param(
            {"/etc/pip.conf": {"global.index-url": "g"}, "/home/pip.conf": {}, ":env:": {":env:.timeout": "5"}},
            id="by file, since pip 25.2",
        ),
        pytest.param(
            {
                "/etc/pip.conf": {"global.index-url": "e"},
                "/home/pip.conf": {"global.index-url": "g"},
                ":env:.timeout": "5",
            },
            id="later files win",
        ),
    ],
)
def test_both_forms_of_pips_configuration(items: Mapping[str, object]) -> None:
    """Old and new pip tell the same."""
    assert dict(_flattened(items.items())) == {"global.index-url": "g", ":env:.timeout": "5"}


def test_configuration_file_is_read(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Every setting can come from the file that PIP_CONFIG_FILE names."""
    path = tmp_path / "pip.conf"
    path.write_text(EVERYTHING, "utf-8")
    monkeypatch.setenv("PIP_CONFIG_FILE", str(path))

    assert read_pip_settings() == IndexSettings(
        index_urls=("https://a.example/simple", "https://b.example/simple", MIRROR),
        find_links=("/wheels", "file:///more"),
        ca_file="/ca.pem",
        client_certificate="/me.pem",
        trusted_hosts=("a.example", "b.example:8443"),
        proxy="http://proxy.example:3128",
        timeout_s=3.5,
    )


def test_variables_win_over_the_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A PIP_* variable counts more than the file, and an empty one not at all."""
    path = tmp_path / "pip.conf"
    path.write_text(EVERYTHING, "utf-8")
    monkeypatch.setenv("PIP_CONFIG_FILE", str(path))
    monkeypatch.setenv("PIP_INDEX_URL", DEFAULT)
    monkeypatch.setenv("PIP_EXTRA_INDEX_URL", "")
    monkeypatch.setenv("PIP_FIND_LINKS", "/here /there")

    settings = read_pip_settings()

    assert settings.index_urls == ("https://a.example/simple", "https://b.example/simple", DEFAULT)
    assert settings.find_links == ("/here", "/there")


def test_fresh_machine_asks_where_pip_would() -> None:
    """With neither file nor variable, the one index is the default that pip's own help names."""
    (url,) = read_pip_settings().index_urls
    help_text = subprocess.run(
        [sys.executable, "-m", "pip", "download", "--help"], capture_output=True, text=True, check=True
    )

    assert f"(default {url})" in " ".join(help_text.stdout.split())


def test_certificate_of_the_process_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    """The variables that requests knows are read from the process environment."""
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/r.pem")

    assert read_pip_settings().ca_file == "/r.pem"


def test_broken_configuration_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A file that pip cannot read is named."""
    path = tmp_path / "pip.conf"
    path.write_text("not a section\n", "utf-8")
    monkeypatch.setenv("PIP_CONFIG_FILE", str(path))

    with pytest.raises(IndexUnavailable) as caught:
        read_pip_settings()
    (problem,) = caught.value.problems
    assert (problem.code, problem.where, problem.expected, problem.hint) == (
        "pip-configuration-unreadable",
        "pip",
        "a pip whose configuration can be read",
        "install pip beside venvault, or mend the file it names",
    )
    assert str(path) in problem.found


def test_value_that_is_none_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """A value pip itself would refuse is our problem too, not a traceback."""
    monkeypatch.setenv("PIP_TIMEOUT", "soon")

    with pytest.raises(IndexUnavailable, match=r"pip-configuration-unreadable: pip: .* 'soon'"):
        read_pip_settings()


def test_pip_must_be_there(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where pip is missing, the message says to install it."""
    monkeypatch.setitem(sys.modules, "pip._internal.configuration", None)

    with pytest.raises(IndexUnavailable) as caught:
        read_pip_settings()
    assert str(caught.value) == (
        "pip-configuration-unreadable: pip: expected a pip whose configuration can be read, "
        "found import of pip._internal.configuration halted; None in sys.modules "
        "(install pip beside venvault, or mend the file it names)"
    )


def test_pip_carries_certificates() -> None:
    """The authorities that pip carries are a PEM file."""
    path = bundled_certificates()

    assert path is not None
    assert b"-----BEGIN CERTIFICATE-----" in path.read_bytes()


def test_certificates_may_be_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    """A pip that was stripped of its certificates, as distributions do, is no error."""
    monkeypatch.setitem(sys.modules, "pip._vendor", None)

    assert bundled_certificates() is None
