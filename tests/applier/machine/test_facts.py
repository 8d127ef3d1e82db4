"""This machine's facts."""

import json
import os
import platform
import sys

import pytest

from applier.machine.facts import Machine, look_at_machine
from applier.machine.gpus import Gpu


def test_looking_at_this_machine_gives_its_facts() -> None:
    """The facts are the running interpreter's, JSON-ready, and a missing GPU has a reason."""
    machine = look_at_machine()

    assert machine.python == sys.version_info[:3]
    assert (machine.sys_platform, machine.machine) == (sys.platform, platform.machine())
    assert machine.implementation == "cpython"
    assert bool(machine.gpus) != bool(machine.gpu_note)
    assert (machine.macos is not None) == (sys.platform == "darwin")
    json.dumps(machine.to_dict())


@pytest.mark.parametrize(
    ("system", "answer", "expected"),
    [
        pytest.param("linux", "glibc 2.35", (2, 35), id="glibc"),
        pytest.param("linux", "glibc 2.31.9000", (2, 31), id="a snapshot of glibc"),
        pytest.param("linux", None, None, id="no answer"),
        pytest.param("linux", "musl", None, id="another C library"),
        pytest.param("linux", ValueError("unrecognized configuration name"), None, id="unknown question"),
        pytest.param("darwin", "glibc 2.35", None, id="not on Linux"),
    ],
)
def test_glibc_is_known_only_where_it_is(
    system: str, answer: object, expected: tuple[int, int] | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The C library's version is two numbers; another library, or another system, has none."""

    def confstr(name: str) -> object:
        assert name == "CS_GNU_LIBC_VERSION"
        if isinstance(answer, Exception):
            raise answer
        return answer

    monkeypatch.setattr(os, "confstr", confstr, raising=False)
    monkeypatch.setattr(sys, "platform", system)

    assert look_at_machine().glibc == expected


def test_gpus_in_words() -> None:
    """GPUs are named one after the other; none is "no GPU"."""
    gpus = tuple(Gpu(name=name, compute_capability="", memory_bytes=0) for name in ("A", "B"))
    bare = Machine(sys_platform="linux", machine="x86_64", implementation="cpython", python=(3, 11, 0))

    assert bare.gpu_words() == "no GPU"
    assert Machine(
        sys_platform="linux", machine="x86_64", implementation="cpython", python=(3, 11, 0), gpus=gpus
    ).gpu_words() == ("A, B")
