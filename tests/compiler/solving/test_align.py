"""One version everywhere it can be, and what was taken before is kept."""

from pathlib import Path

import pytest
from packaging.utils import canonicalize_name
from packaging.version import Version

from locks.index import IndexSettings

from compiler import Source, compile_manifest, read_manifest
from tests.index_server import IndexServer
from tests.reporters import Told
from tests.wheels import make_wheel

TWO_PYTHONS = """
    [stack]
    name = "t"
    version = "1"
    python = ["3.12", "3.11"]
    platforms = ["linux-x86_64"]
    requirements = {roots}
    [variants.cpu]
    [variants.cu124]
    requirements = {extra}
"""


def compiled(
    server: IndexServer, roots: str, *, extra: str = "[]", before: dict[str, dict[str, str]] | None = None
) -> tuple[dict[str, dict[str, str]], list[str]]:
    """Give target -> package -> version, and what was reported."""
    told = Told()
    previous = {
        target: {canonicalize_name(name): Version(version) for name, version in versions.items()}
        for target, versions in (before or {}).items()
    }
    locks = compile_manifest(
        read_manifest(TWO_PYTHONS.format(roots=roots, extra=extra)),
        Source(settings=IndexSettings(index_urls=(server.simple_url,))),
        previous=previous,
        reporter=told,
    )
    picks = {lock.target.name: {str(wheel.name): str(wheel.version) for wheel in lock.wheels} for lock in locks}
    return picks, [line for line in told.lines if not line.startswith("resolving ")]


def test_all_targets_go_down_to_what_one_of_them_can_have() -> None:
    """A release that only the newer Python has is given up for the one that both have."""
    with IndexServer() as server:
        server.add(make_wheel("a", "2", tag="cp312-cp312-linux_x86_64"))
        server.add(make_wheel("a", "1"))
        picks, said = compiled(server, "['a']")

    assert {name: versions["a"] for name, versions in picks.items()} == {
        "cpu-linux-x86_64-py312": "1",
        "cpu-linux-x86_64-py311": "1",
        "cu124-linux-x86_64-py312": "1",
        "cu124-linux-x86_64-py311": "1",
    }
    assert said == [f"aligning {variant}-linux-x86_64-py312: a 1" for variant in ("cpu", "cu124")]


def test_a_target_follows_what_another_came_down_to() -> None:
    """The older a, which both have, holds z back on one of them alone; the other takes that z as well."""
    with IndexServer() as server:
        server.add(make_wheel("a", "2", tag="cp312-cp312-linux_x86_64", requires=["z"]))
        server.add(make_wheel("a", "1", requires=["z", "z<2; python_version == '3.12'"]))
        server.add(make_wheel("z", "2"))
        server.add(make_wheel("z", "1"))
        picks, _ = compiled(server, "['a']")

    assert {(versions["a"], versions["z"]) for versions in picks.values()} == {("1", "1")}


def test_what_a_requirement_keeps_apart_is_told() -> None:
    """A version that one variant pins is no reason for the others to go there against their own requirement."""
    with IndexServer() as server:
        for version in ("1", "2"):
            server.add(make_wheel("a", version))
        server.add(make_wheel("b", "1", requires=["a<2"]))
        picks, said = compiled(server, "['a>=1']", extra="['b']")

    assert picks["cpu-linux-x86_64-py311"] == {"a": "1"}
    assert picks["cu124-linux-x86_64-py311"] == {"a": "1", "b": "1"}
    assert said == ["aligning cpu-linux-x86_64-py312: a 1", "aligning cpu-linux-x86_64-py311: a 1"]


def test_what_differs_is_said_with_the_reason() -> None:
    """Two wheels of one release that need two releases of another keep them, and a line says which and why."""
    with IndexServer() as server:
        server.add(make_wheel("a", "1"))
        server.add(make_wheel("a", "2"))
        server.add(make_wheel("b", "1", requires=["a==2"], tag="cp312-cp312-linux_x86_64"))
        server.add(make_wheel("b", "1", requires=["a==1"], tag="cp311-cp311-linux_x86_64"))
        picks, said = compiled(server, "['b']")

    assert picks["cpu-linux-x86_64-py312"] == {"a": "2", "b": "1"}
    assert picks["cpu-linux-x86_64-py311"] == {"a": "1", "b": "1"}
    (line,) = said
    assert line == (
        "a differs: 1 on cpu-linux-x86_64-py311, cu124-linux-x86_64-py311; "
        "2 on cpu-linux-x86_64-py312, cu124-linux-x86_64-py312 (b requires a==2)"
    )


def test_a_wheel_that_is_not_there_keeps_targets_apart() -> None:
    """When the lower version has no wheel for a target, the line says so."""
    with IndexServer() as server:
        server.add(make_wheel("a", "2", tag="cp312-cp312-linux_x86_64"))
        server.add(make_wheel("a", "1", tag="cp311-cp311-linux_x86_64"))
        picks, said = compiled(server, "['a']")

    assert (picks["cpu-linux-x86_64-py312"], picks["cpu-linux-x86_64-py311"]) == ({"a": "2"}, {"a": "1"})
    (line,) = said
    assert line == (
        "a differs: 1 on cpu-linux-x86_64-py311, cu124-linux-x86_64-py311; "
        "2 on cpu-linux-x86_64-py312, cu124-linux-x86_64-py312 "
        "(cpu-linux-x86_64-py312 has no wheel of 1; cu124-linux-x86_64-py312 has no wheel of 1)"
    )


@pytest.mark.parametrize(("kept", "expected"), [("1", "1"), ("2", "2"), ("7", "3")], ids=["old", "middle", "gone"])
def test_what_a_lock_had_is_kept_while_it_is_there(kept: str, expected: str) -> None:
    """A version taken before is taken again, however many are newer; one that is gone is no hindrance."""
    with IndexServer() as server:
        for version in ("1", "2", "3"):
            server.add(make_wheel("a", version))
        before = {name: {"a": kept} for name in compiled(server, "['a']")[0]}
        picks, _ = compiled(server, "['a']", before=before)

    assert {versions["a"] for versions in picks.values()} == {expected}


def test_what_a_targets_own_lock_had_goes_before_what_others_take() -> None:
    """A target that comes later keeps its release, and the others, which have no lock, go down to it."""
    with IndexServer() as server:
        for version in ("1", "2"):
            server.add(make_wheel("a", version))
        picks, _ = compiled(server, "['a']", before={"cu124-linux-x86_64-py311": {"a": "1"}})

    assert {versions["a"] for versions in picks.values()} == {"1"}


def test_a_lock_beside_the_manifest_is_kept_unless_upgraded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By the command: a second run changes nothing, `--upgrade-package` moves the one named, `--upgrade` all."""
    from click.testing import CliRunner

    from compiler.cli import venvault

    manifest = tmp_path / "manifest.toml"
    manifest.write_text(
        "stack = {name = 't', version = '1', python = ['3.11'], platforms = ['linux-x86_64'],"
        " requirements = ['a', 'b']}\n[variants.cpu]\n",
        "utf-8",
    )
    lock = tmp_path / "pylock.cpu-linux-x86_64-py311.toml"

    def run(*options: str) -> bytes:
        result = CliRunner().invoke(venvault, ["compile", str(manifest), "--refresh", *options])
        assert result.exit_code == 0, result.output
        return lock.read_bytes()

    with IndexServer() as server:
        monkeypatch.setenv("PIP_INDEX_URL", server.simple_url)
        for name in ("a", "b"):
            server.add(make_wheel(name, "1"))
        first = run()
        for name in ("a", "b"):
            server.add(make_wheel(name, "2"))
        again, one, both = run(), run("--upgrade-package", "A"), run("--upgrade")

    assert again == first
    assert (b"a-2-" in one, b"b-2-" in one) == (True, False)
    assert (b"a-2-" in both, b"b-2-" in both) == (True, True)
