"""What every test has: no network but this machine's own loopback, and pip as a fresh machine has it."""

import os
import signal
import socket
from typing import Any

import pytest

_LOOPBACK = ("127.", "::1", "localhost")


class NetworkBlocked(RuntimeError):
    """A test without the marker `registry` tried to leave the machine."""


@pytest.fixture(autouse=True, scope="session")
def _can_be_stopped() -> None:
    """Take signals as a terminal's programs do, also where the tests are started in the background or by `nohup`."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    if hasattr(signal, "SIGHUP"):
        signal.signal(signal.SIGHUP, signal.SIG_DFL)


@pytest.fixture(autouse=True)
def _on_its_own(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    monkeypatch.setenv("VENVAULT_CACHE", str(tmp_path_factory.mktemp("cache")))
    monkeypatch.delenv("VENVAULT_ALLOWED_SIGNERS", raising=False)
    if request.node.get_closest_marker("registry") is None:
        connect = socket.socket.connect

        def connect_to_loopback(self: socket.socket, address: Any) -> None:
            if isinstance(address, tuple) and not str(address[0]).startswith(_LOOPBACK):
                raise NetworkBlocked(f"{address} is not on this machine")
            connect(self, address)

        monkeypatch.setattr(socket.socket, "connect", connect_to_loopback)
        for name in [name for name in os.environ if name.startswith("PIP_") or name.lower().endswith("_proxy")]:
            monkeypatch.delenv(name)
        monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
        # Keys that a developer trusts here would have every bundle of the tests refused.
        monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path_factory.mktemp("config")))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip what needs a GPU where there is none."""
    from applier.machine.facts import look_at_machine

    machine = look_at_machine()
    if not machine.gpus:
        skip = pytest.mark.skip(reason=machine.gpu_note)
        for item in items:
            if item.get_closest_marker("gpu"):
                item.add_marker(skip)
