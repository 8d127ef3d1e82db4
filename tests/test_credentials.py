"""Credentials of indexes: sent to their hosts, and found nowhere else, whatever happens."""

import logging
import os
import shutil
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from locks.index.credentials import netrc_pair

from compiler.cli import venvault
from tests.bundles import running_target
from tests.index_server import Fault, IndexServer
from tests.wheels import make_wheel

USER, PASSWORD = "ann", "s3cret/+"
IN_ADDRESS = "ann:s3cret%2F%2B@"
SECRETS = ("s3cret", "ann:", b64encode(f"{USER}:{PASSWORD}".encode()).decode())
TARGET = running_target("cu124")
TORCH = make_wheel("torch", "2.5.1+cu124", requires=["numpy"], metadata_first=True, padding_bytes=100_000)
NUMPY = make_wheel("numpy", "1.0")
INDEX_PAGE = "/whl/cu124/torch/"

CONDITIONS = {
    "refused": "401, credentials refused",
    "busy": "status 503",
    "hung up": "connection closed without an answer",
    "nonsense": "an unreadable page",
    "absent": "torch",
    "changed": "metadata-changed",
}
"""What goes wrong -> a part of what is then told."""


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[IndexServer]:
    """One host with an ordinary index, a PyTorch one and a page of links; it wants credentials of everyone."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("NETRC", os.devnull)
    monkeypatch.setenv("VENVAULT_CACHE", str(tmp_path / "kept" / "cache"))
    monkeypatch.setenv("VENVAULT_STORE", str(tmp_path / "kept" / "store"))
    monkeypatch.setattr("time.sleep", lambda seconds: None)
    netrc_pair.cache_clear()
    with IndexServer() as running:
        running.credentials = (USER, PASSWORD)
        running.formats = {"html"}
        running.add(NUMPY)
        running.add(TORCH, root="whl/cu124", core_metadata=True)
        running.add_raw_page("/links/", b"<a href='extra-1.0-py3-none-any.whl'>", "text/html")
        yield running
    netrc_pair.cache_clear()


def put_credentials(server: IndexServer, monkeypatch: pytest.MonkeyPatch, place: str) -> None:
    """Configure pip and write the manifest, with credentials in one place alone: they hold for the whole host."""
    known = server.url.replace("//", f"//{IN_ADDRESS}")
    at = {name: known if name == place else server.url for name in ("index-url", "extra-index-url", "own index")}
    monkeypatch.setenv("PIP_INDEX_URL", f"{at['index-url']}/simple")
    monkeypatch.setenv("PIP_EXTRA_INDEX_URL", f"{at['extra-index-url']}/private")
    if place == "find-links":
        monkeypatch.setenv("PIP_FIND_LINKS", f"{known}/links/")
    if place == "netrc":
        path = Path("netrc").resolve()
        path.write_text(f"machine 127.0.0.1 login {USER} password {PASSWORD}\n", "ascii")
        path.chmod(0o600)
        monkeypatch.setenv("NETRC", str(path))
    write_manifest(f"{at['own index']}/whl/cu124")


def write_manifest(index: str) -> None:
    """Write a manifest whose one variant has this index."""
    Path("manifest.toml").write_text(
        f"""
[stack]
name = "demo"
version = "1"
python = ["{TARGET.python}"]
platforms = ["{TARGET.platform.name}"]
requirements = ["torch"]
[variants.cu124]
index = "{index}"
from-index = ["torch"]
""",
        "utf-8",
    )


def spoil(server: IndexServer, condition: str) -> None:
    """Let the server do what the condition says."""
    faults: dict[str, list[Fault]] = {
        "busy": ["503"] * 60,
        "hung up": ["drop"] * 60,
    }
    if condition == "refused":
        server.credentials = (USER, "another")
    if condition in faults:
        server.faults = {INDEX_PAGE: faults[condition]}
    if condition == "nonsense":
        server.add_raw_page(INDEX_PAGE, b"{", "application/json")
    if condition == "absent":
        server.add_raw_page(INDEX_PAGE, b"", "text/html")
    if condition == "changed":
        server.faults = {".whl.metadata": ["corrupt"] * 60}


def told(*arguments: str) -> str:
    """Run a command; everything it said."""
    return CliRunner().invoke(venvault, list(arguments)).output


def kept(folder: str = "kept") -> str:
    """Everything below a folder: the names of files and what is in them."""
    files = sorted(path for path in Path(folder).rglob("*") if path.is_file())
    return "\n".join(f"{path}\n{path.read_bytes().decode('latin-1')}" for path in files)


def assert_secret(text: str) -> None:
    """See that no form of the credentials stands in a text."""
    assert not [secret for secret in SECRETS if secret in text]


@pytest.mark.parametrize("place", ["index-url", "extra-index-url", "find-links", "netrc", "own index", "--index"])
def test_credentials_are_sent_and_kept_nowhere(
    server: IndexServer, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, place: str
) -> None:
    """Lock and bundle are made with them; no line, log, lock, cache, store or bundle has them."""
    caplog.set_level(logging.DEBUG)
    put_credentials(server, monkeypatch, place)
    known = server.url.replace("//", f"//{IN_ADDRESS}")
    given = f"cu124={known if place in ('own index', '--index') else server.url}/whl/cu124"
    override = ("--index", given) if place == "--index" else ()
    locking: tuple[tuple[str, ...], ...] = ((), ("--json", "--refresh"), ("--offline",))
    said = [told("compile", "--out", "kept/locks", *override, *mode) for mode in locking]
    bundling = ("bundle", "kept/locks", "-o", "kept/b.zip", "--index", given)  # no manifest is beside the lock
    said += [told(*bundling), told(*bundling, "--json")]

    assert Path("kept/b.zip").exists(), said
    assert {request.status for request in server.requests} <= {200, 206, 404}
    assert TORCH.sha256 in kept("kept/locks")
    assert_secret("\n".join(said) + caplog.text + kept())


@pytest.mark.parametrize("place", ["extra-index-url", "own index"])
@pytest.mark.parametrize("condition", CONDITIONS)
def test_credentials_are_in_no_problem(
    server: IndexServer, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, place: str, condition: str
) -> None:
    """Whatever goes wrong on the way is told without them, in words and in JSON, by both commands."""
    caplog.set_level(logging.DEBUG)
    put_credentials(server, monkeypatch, place)
    told("compile")
    shutil.rmtree("kept")
    spoil(server, condition)
    said = [told(command, *more) for command in ("compile", "bundle") for more in ((), ("--json",))]

    assert all(CONDITIONS[condition] in text for text in said[:2])
    assert_secret("\n".join(said) + caplog.text + kept())


@pytest.mark.usefixtures("server")
@pytest.mark.parametrize("index", ["ftp://ann:s3cret@host.example/whl", "ann:s3cret@host.example/whl"])
def test_address_of_no_use_is_told_without_credentials(index: str) -> None:
    """A manifest's index that is no address is refused without its user name and password."""
    write_manifest(index)
    said = told("compile")

    assert "host.example/whl" in said
    assert_secret(said)


def test_option_of_no_use_is_told_without_credentials(server: IndexServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """An --index without its alias is refused without the address's user name and password, `=` in it or not."""
    put_credentials(server, monkeypatch, "index-url")
    told("compile")
    for command in (("compile",), ("bundle", ".")):
        for password in ("s3cret", "s3cret=", "=s3cret"):
            said = told(*command, "--index", f"https://ann:{password}@host.example/whl")

            assert "'host.example/whl' is not ALIAS=URL" in " ".join(said.split())
            assert_secret(said)
