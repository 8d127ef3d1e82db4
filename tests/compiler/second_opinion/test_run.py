"""`compile --cross-check` with the real pip-compile against an index on the loopback address."""

import json
import os
import platform
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from compiler.cli import venvault
from compiler.errors import CrossCheckError
from compiler.second_opinion.pip_compile import ask_pip_compile, knows_cutoff, last_words
from tests.bundles import running_platform, running_target, target_on
from tests.events import result_of, warnings_of
from tests.index_server import IndexServer
from tests.wheels import make_wheel

PYTHON = running_target().python
HERE = running_platform().name
ELSEWHERE = "windows-x86_64" if HERE != "windows-x86_64" else "linux-x86_64"
AGREED = "  cross-check: pip-compile takes the very same versions"


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> Iterator[IndexServer]:
    """An empty index that pip is configured for."""
    with IndexServer() as running:
        monkeypatch.setenv("PIP_INDEX_URL", running.simple_url)
        monkeypatch.setenv("PIP_NO_CACHE_DIR", "1")
        monkeypatch.setenv("PIP_TOOLS_CACHE_DIR", str(tmp_path_factory.mktemp("pip-tools")))
        yield running


def write_manifest(folder: Path, *requirements: str, rest: str = "[variants.cpu]", platforms: str = HERE) -> Path:
    """Write a manifest for this Python; `platforms` are divided by blanks, `rest` follows the [stack] table."""
    stack = {"name": "t", "version": "1", "python": [PYTHON], "platforms": platforms.split()}
    text = "\n".join(f"{key} = {json.dumps(value)}" for key, value in stack.items())
    (folder / "manifest.toml").write_text(
        f"[stack]\n{text}\nrequirements = {json.dumps(requirements)}\n{rest}", "utf-8"
    )
    return folder


def run(folder: Path, *options: str) -> Result:
    """Run the command with the flag; a traceback would be an exception other than the exit."""
    result = CliRunner().invoke(venvault, ["compile", str(folder), "--refresh", "--cross-check", *options])
    assert result.exception is None or isinstance(result.exception, SystemExit)
    return result


def differences(result: Result) -> list[dict[str, Any]]:
    """The differences of the only lock, from the JSON of a run that succeeded."""
    assert result.exit_code == 0, result.stderr
    (lock,) = result_of(result.stdout)["locks"]
    found: list[dict[str, Any]] = lock["cross_check"]
    return found


def test_two_resolvers_that_agree_are_one_line(server: IndexServer, tmp_path: Path) -> None:
    """Extras, setuptools, a bound and a marker are the same to both; a lock for another machine is not compared."""
    for version in ("1", "2"):
        server.add(make_wheel("b", version))
    server.add(make_wheel("a", "1", requires=["b<2", "setuptools; extra == 'x'"], provides_extra=["x"]))
    server.add(make_wheel("setuptools", "80"))
    folder = write_manifest(tmp_path, "A[x]", "b; python_version > '3'", platforms=f"{HERE} {ELSEWHERE}")

    result = run(folder)

    assert result.exit_code == 0, result.stderr
    assert [line for line in result.stdout.splitlines() if "cross-check" in line] == [AGREED]
    assert result.stdout.splitlines()[1] == AGREED
    assert f"cross-checking cpu-{HERE}-py{PYTHON.replace('.', '')}\n" in result.stderr


def test_a_version_kept_from_an_earlier_lock_differs(server: IndexServer, tmp_path: Path) -> None:
    """The difference is reported in JSON and words, and is no failure; after --upgrade there is none."""
    folder = write_manifest(tmp_path, "a")
    server.add(make_wheel("a", "1"))
    assert differences(run(folder, "--json")) == []
    server.add(make_wheel("a", "2"))

    assert differences(run(folder, "--json")) == [
        {
            "name": "a",
            "ours": "1",
            "theirs": "2",
            "cause": "kept",
            "reason": "kept from the earlier lock; --upgrade-package a moves it",
        }
    ]
    assert run(folder).stdout.splitlines()[1:] == [
        "  cross-check: pip-compile differs in 1:",
        "    a: 1 here, 2 by pip-compile: kept from the earlier lock; --upgrade-package a moves it",
    ]
    assert differences(run(folder, "--upgrade", "--json")) == []


def test_what_a_drop_keeps_out_is_in_the_other_result(server: IndexServer, tmp_path: Path) -> None:
    """pip-compile cannot be told of drops; everything below one has that reason."""
    rest = '[variants.cpu]\n[[drop]]\npackage = "a"\nrequires = "cut"\nreason = "too big"'
    folder = write_manifest(tmp_path, "a", rest=rest)
    server.add(make_wheel("a", "1", requires=["cut"]))
    server.add(make_wheel("cut", "1", requires=["deep"]))
    server.add(make_wheel("deep", "1"))

    assert [(item["name"], item["cause"]) for item in differences(run(folder, "--json"))] == [
        ("cut", "dropped"),
        ("deep", "dropped"),
    ]


@pytest.mark.skipif(sys.platform != "linux", reason="tags of a C library")
def test_what_only_a_newer_machine_takes_is_above_the_floor(server: IndexServer, tmp_path: Path) -> None:
    """A wheel for this machine's own C library is pip-compile's choice and not the target's."""
    folder = write_manifest(tmp_path, "a", rest='floors = {glibc = "2.5"}\n[variants.cpu]')
    machine = platform.machine()
    server.add(make_wheel("a", "1"))
    server.add(make_wheel("a", "2", tag=f"py3-none-manylinux_2_17_{machine}"))

    (difference,) = differences(run(folder, "--json"))

    assert (difference["ours"], difference["theirs"], difference["cause"]) == ("1", "2", "wheel")
    assert difference["reason"].startswith(f"2 has no wheel for {HERE} with glibc 2.5; this machine takes manylinux")


def test_targets_aligned_with_each_other_differ_from_the_newest(server: IndexServer, tmp_path: Path) -> None:
    """A version that another target holds everybody to is explained by that target."""
    there = target_on(ELSEWHERE, python=PYTHON)
    folder = write_manifest(tmp_path, "a", platforms=f"{HERE} {ELSEWHERE}")
    server.add(make_wheel("a", "1"))
    server.add(make_wheel("a", "2", tag=str(running_target().tags()[0])))

    result = run(folder, "--json")

    (difference,) = result_of(result.stdout)["locks"][0]["cross_check"]
    assert (difference["cause"], difference["reason"]) == ("aligned", f"the version that {there.name} has")
    assert "cross_check" not in result_of(result.stdout)["locks"][1]


def test_packages_of_the_variants_index_are_given_as_taken(server: IndexServer, tmp_path: Path) -> None:
    """pip-compile finds them there though the ordinary index has newer ones, and that limit is remarked on."""
    rest = f'[variants.cu124]\nrequirements = ["torch"]\nindex = "{server.url}/whl/cu124"\nfrom-index = ["torch"]'
    folder = write_manifest(tmp_path, rest=rest)
    server.add(make_wheel("torch", "9"))
    server.add(make_wheel("torch", "2.5.1+cu124", requires=["b"]), root="whl/cu124")
    server.add(make_wheel("b", "1"))

    result = run(folder, "--json")

    assert differences(result) == []
    (remark,) = warnings_of(result.stdout)
    assert "pip-compile was given torch==2.5.1+cu124 as taken here, for pip knows no index for one package" in remark


def test_a_day_that_pip_cannot_be_told_is_remarked_on(server: IndexServer, tmp_path: Path) -> None:
    """Where pip knows no cutoff, what is newer is in its result for that reason; where it does, both agree."""
    folder = write_manifest(tmp_path, "a")
    server.add(make_wheel("a", "1"), upload_time="2026-01-31T23:59:59Z")
    server.add(make_wheel("a", "2"), upload_time="2026-02-01T00:00:00Z")

    result = run(folder, "--json", "--exclude-newer", "2026-01-31")

    told = [(item["cause"], item["reason"]) for item in differences(result)]
    late = [("wheel", "2 is not taken here: uploaded after 2026-01-31")]
    assert told == ([] if knows_cutoff() else late)
    assert len(warnings_of(result.stdout)) == len(told)


def test_without_a_target_for_this_machine_nothing_is_begun(server: IndexServer, tmp_path: Path) -> None:
    """What cannot be cross-checked is refused before anything is asked or written."""
    result = run(write_manifest(tmp_path, "a", platforms=ELSEWHERE), "--json")

    (problem,) = result_of(result.stdout)["problems"]
    assert result.exit_code == 1
    assert (problem["code"], problem["found"]) == ("cross-check-impossible", target_on(ELSEWHERE, python=PYTHON).name)
    assert problem["expected"].endswith(f"and Python {PYTHON}")
    assert not server.requests
    assert [path.name for path in tmp_path.iterdir()] == ["manifest.toml"]


def test_a_pip_compile_that_fails_is_a_problem_and_the_locks_stay(server: IndexServer, tmp_path: Path) -> None:
    """Its last words are told, and what it said of other locks; all are written all the same, and that is said.

    The wheel of the one variant calls itself another version inside, which pip refuses.
    """
    folder = write_manifest(tmp_path, "a", rest='[variants.cpu]\n[variants.cu124]\nrequirements = ["b"]')
    server.add(make_wheel("a", "1"))
    server.add(make_wheel("b", "1", files={"b-1.dist-info/METADATA": "Metadata-Version: 2.1\nName: b\nVersion: 7\n"}))

    result = run(folder, "--json")

    said = result_of(result.stdout)
    locks = sorted(tmp_path.glob("pylock.*.toml"))
    assert (result.exit_code, len(locks)) == (1, 2)
    (problem,) = said["problems"]
    assert (problem["code"], problem["where"]) == ("cross-check-failed", running_target("cu124").name)
    assert "No matching distribution found for b" in problem["found"]
    assert any(
        fact.startswith("ERROR: Could not find a version that satisfies the requirement b")
        for fact in problem["because"]
    )
    assert said["notes"] == [
        f"{running_target()}: cross-check: pip-compile takes the very same versions",
        f"the locks are written: {', '.join(map(str, locks))}",
    ]


@pytest.mark.skipif(os.name == "nt", reason="needs scripts that start by themselves")
@pytest.mark.parametrize(
    ("script", "found"),
    [
        pytest.param(None, "{python}: No such file or directory", id="no interpreter"),
        pytest.param("exit 3", "nothing said", id="silent failure"),
        pytest.param(
            'for it; do case $it in --output-file=*) echo two words > "${it#*=}";; esac; done',
            "an output that cannot be read: Expected",
            id="another output",
        ),
    ],
)
def test_whatever_pip_compile_does_ends_in_a_problem(
    script: str | None, found: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An interpreter that does not start, a failure without a word, an output of another form."""
    python = tmp_path / "python"
    if script is not None:
        python.write_text(f"#!/bin/sh\n{script}\n", "utf-8")
        python.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(python))

    with pytest.raises(CrossCheckError) as caught:
        ask_pip_compile(["a"], where="target", own_index=None, newest_day=None)

    (problem,) = caught.value.problems
    assert (problem.code, problem.where) == ("cross-check-failed", "target")
    assert problem.found.startswith(found.format(python=python))


def test_of_no_lines_there_are_no_pins() -> None:
    """A target without packages is in agreement."""
    assert ask_pip_compile([], where="target", own_index=None, newest_day=None) == {}


def test_offline_excludes_a_cross_check(tmp_path: Path) -> None:
    """pip-compile asks the indexes, which --offline forbids: wrong usage."""
    result = CliRunner().invoke(venvault, ["compile", str(tmp_path), "--offline", "--cross-check"])

    assert (result.exit_code, "--cross-check and --offline exclude each other" in result.stderr) == (2, True)


@pytest.mark.parametrize(
    ("errors", "words"),
    [
        pytest.param("", (), id="nothing"),
        pytest.param("one\n\n two \n", ("two",), id="the last line"),
        pytest.param(
            "  ERROR: no version\nTraceback\n  File x\nDistributionNotFound: y\n",
            ("ERROR: no version", "DistributionNotFound: y"),
            id="pip's own complaint",
        ),
        pytest.param("ERROR: only", ("ERROR: only",), id="each once"),
        pytest.param("ERROR: https://me:secret@host/simple", ("ERROR: https://host/simple",), id="no credentials"),
        pytest.param("\n".join(f"ERROR: {n}" for n in range(9)), tuple(f"ERROR: {n}" for n in range(4, 9)), id="few"),
    ],
)
def test_last_words_are_pips_complaints_without_the_trace(errors: str, words: tuple[str, ...]) -> None:
    """Of many lines of a traceback, what says what is wrong."""
    assert last_words(errors) == words
