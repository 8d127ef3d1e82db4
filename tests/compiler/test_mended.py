"""What was mended in the metadata of chosen wheels binds like any other line, and is told."""

from collections.abc import Iterator

import pytest

from locks import Lock
from locks.index import IndexSettings

from compiler import Source, compile_manifest, read_manifest
from tests.index_server import IndexServer
from tests.reporters import Told
from tests.wheels import make_wheel


@pytest.fixture
def server() -> Iterator[IndexServer]:
    """An empty index that answers."""
    with IndexServer() as running:
        yield running


def compiled(server: IndexServer, requirement: str) -> tuple[tuple[Lock, ...], list[str]]:
    """The locks of one requirement for two systems and two Pythons, and what is worth keeping about them."""
    text = f"""
[stack]
name = "demo"
version = "1"
python = ["3.11", "3.12"]
platforms = ["linux-x86_64", "windows-x86_64"]
requirements = ["{requirement}"]
[variants.cpu]
"""
    told = Told()
    source = Source(settings=IndexSettings(index_urls=(server.simple_url,)))
    return compile_manifest(read_manifest(text), source, reporter=told), told.warnings


def picks_of(lock: Lock) -> dict[str, str]:
    """Project -> version."""
    return {wheel.name: str(wheel.version) for wheel in lock.wheels}


def test_warts_of_chosen_wheels_are_mended_and_told_once(server: IndexServer) -> None:
    """A mended line binds like any other; each that holds on some target is told once, if its wheel was chosen."""
    requires = ["foo (>=1.0<2)", "bar>=1.*; sys_platform == 'linux'", "baz (>= '1')", "no (>=1.*); extra == 'x'"]
    server.add(make_wheel("wexpect", "0.1", requires=requires, requires_python=">=3.6.*"), requires_python=">=3.6'")
    server.add(make_wheel("wexpect", "0.2", requires=["foo (>=3<4)"]))  # hopeless
    for name, versions in {"foo": ["1.5", "2.0"], "bar": ["0.9", "1.0"], "baz": ["2.0"]}.items():
        for version in versions:
            server.add(make_wheel(name, version, requires_python="UNKNOWN" if name == "baz" else None))

    locks, remarks = compiled(server, "wexpect")

    assert [picks_of(lock) for lock in locks[::2]] == [
        {"wexpect": "0.1", "foo": "1.5", "bar": "1.0", "baz": "2.0"},
        {"wexpect": "0.1", "foo": "1.5", "baz": "2.0"},
    ]
    assert remarks == [
        "baz 2.0: Requires-Python 'UNKNOWN' cannot be read, and limits nothing",
        "wexpect 0.1: 'foo (>=1.0<2)' read as 'foo (>=1.0,<2)' (missing comma)",
        (
            """wexpect 0.1: "bar>=1.*; sys_platform == 'linux'" read as "bar>=1; sys_platform == 'linux'" """
            "(star after an inequality)"
        ),
        """wexpect 0.1: "baz (>= '1')" read as 'baz (>= 1)' (stray quotes)""",
        """wexpect 0.1: Requires-Python ">=3.6'" read as '>=3.6' (stray quotes)""",
        "wexpect 0.1: Requires-Python '>=3.6.*' read as '>=3.6' (star after an inequality)",
    ]


def test_warts_of_an_extra_are_told_where_it_is_asked_for(server: IndexServer) -> None:
    """A mended line behind an extra counts for whoever asks for the extra."""
    server.add(make_wheel("a", "1", requires=["b>=1.*; extra == 'x'"], provides_extra=["x"]))
    server.add(make_wheel("b", "1"))

    assert compiled(server, "a")[1] == []
    assert compiled(server, "a[x]")[1] == [
        """a 1: "b>=1.*; extra == 'x'" read as "b>=1; extra == 'x'" (star after an inequality)"""
    ]
