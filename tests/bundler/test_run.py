"""`venvault bundle` from the command line, against an index on this machine."""

import re
import sys
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from locks import Lock, LockedFile
from locks.digest import sha256_of_bytes

from applier.bundle.reader import Bundle
from bundler.store import Store
from compiler.cli import venvault
from compiler.manifest.parse import read_manifest
from compiler.write import to_bytes
from tests.bundles import demo_wheels, flip_bit, locked, make_lock, room_for, running_target
from tests.events import result_of
from tests.index_server import IndexServer
from tests.wheels import make_wheel

TORCH = make_wheel("torch", "2.5.1+cu124", padding_bytes=1000)


@pytest.fixture(autouse=True)
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[IndexServer]:
    """An ordinary index that pip is configured for, a PyTorch one beside it, and an empty current folder."""
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    monkeypatch.delenv("VENVAULT_STORE", raising=False)
    with IndexServer() as running:
        for wheel in demo_wheels():
            running.add(wheel)
        running.add(TORCH, root="whl/cu124")
        monkeypatch.setenv("PIP_INDEX_URL", running.simple_url)
        yield running


def demo_lock(variant: str = "cpu") -> Lock:
    """A lock of the demo wheels."""
    return make_lock(demo_wheels(), target=running_target(variant))


def put(lock: Lock) -> Path:
    """Write a lock into the current folder under its own name."""
    path = Path(lock.filename)
    path.write_bytes(to_bytes(lock))
    return path


def run(*args: str | Path) -> Result:
    """Run `venvault bundle` with a store of the test's own."""
    return CliRunner().invoke(venvault, ["bundle", "--store", "../store", "--no-accelerator", *map(str, args)])


def test_the_lock_of_the_current_folder_is_bundled() -> None:
    """Without arguments the folder's lock for this machine becomes `bundle-<variant>.zip` in that folder."""
    put(demo_lock())
    result = run()

    assert result.exit_code == 0, result.output
    assert result.stdout.startswith("bundle-cpu.zip: 2 wheels, ")
    assert list(dict.fromkeys(line.partition(":")[0] for line in result.stderr.splitlines())) == [
        "fetching",
        "reading",
        "writing",
    ]
    assert Bundle.open(Path("bundle-cpu.zip")).lock == demo_lock()


def test_a_second_time_nothing_is_fetched(server: IndexServer) -> None:
    """What is in the store needs no index, and the bundle has the same bytes."""
    path = put(demo_lock())
    assert run(path, "-o", "first.zip").exit_code == 0
    server.requests.clear()
    assert run(path, "-o", "second.zip").exit_code == 0

    assert not server.requests
    assert Path("first.zip").read_bytes() == Path("second.zip").read_bytes()


def test_the_store_may_be_set_for_all_runs(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """`VENVAULT_STORE` stands in for --store."""
    put(demo_lock())
    monkeypatch.setenv("VENVAULT_STORE", str(tmp_path / "shared"))

    assert CliRunner().invoke(venvault, ["bundle"]).exit_code == 0
    assert len(list((tmp_path / "shared").rglob("*.whl"))) == 2


def test_the_output_may_be_a_file_or_a_folder() -> None:
    """A folder gets the default name in it; folders on the way to a file are made."""
    path = put(demo_lock())
    Path("out").mkdir()

    assert run(path, "-o", "out").exit_code == 0
    assert run(path, "-o", "new/deep/my.zip").exit_code == 0
    assert Path("out/bundle-cpu.zip").is_file()
    assert Path("new/deep/my.zip").is_file()


def test_all_locks_become_bundles_named_by_target() -> None:
    """With --all each lock has a bundle, told in one JSON answer."""
    locks = [demo_lock(), replace(demo_lock(), target=replace(running_target(), python="3.14"))]
    for lock in locks:
        put(lock)
    result = run("--all", "-o", "out", "--json")
    found = result_of(result.stdout)

    assert found["ok"] is True
    assert [item["path"] for item in found["bundles"]] == [f"out/bundle-{lock.target.name}.zip" for lock in locks]
    assert all(zipfile.is_zipfile(item["path"]) for item in found["bundles"])


def torch_lock() -> Lock:
    """A lock with a wheel from the variant's own index."""
    lock = make_lock([TORCH], target=running_target("cu124"))
    return replace(lock, wheels=(locked(TORCH, index="cu124"),))


def test_a_variants_own_index_is_given_or_in_the_manifest(server: IndexServer) -> None:
    """The address of another index comes from --index, or from the manifest beside the lock."""
    path = put(torch_lock())

    assert run(path, "--index", f"cu124={server.url}/whl/cu124").exit_code == 0
    text = MANIFEST.format(index=f"{server.url}/whl/cu124")
    Path("manifest.toml").write_text(text, "utf-8-sig")  # as some editors of Windows do
    (variant,) = read_manifest(text).variants
    path = put(replace(torch_lock(), manifest_sha256=variant.sha256))
    result = run(path, "--store", "../other")
    assert result.exit_code == 0, result.output


def test_a_lock_that_does_not_follow_from_its_manifest_is_refused(server: IndexServer) -> None:
    """A lock that is older than the manifest beside it is told before anything is fetched."""
    path = put(torch_lock())
    Path("manifest.toml").write_text(MANIFEST.format(index=f"{server.url}/whl/cu124"))
    result = run(path)

    assert result.exit_code == 1
    assert f"error[lock-stale] {path}" in result.stderr
    assert not server.requests
    assert not list(Path().glob("*.zip"))


MANIFEST = """
[stack]
name = "demo"
version = "1"
python = ["3.11"]
platforms = ["linux-x86_64"]
requirements = []

[variants.cu124]
requirements = ["torch"]
index = "{index}"
from-index = ["torch"]
"""


def test_an_unknown_index_is_asked_for() -> None:
    """Without the address nothing is fetched, and the message says how to give it."""
    result = run(put(torch_lock()))

    assert result.exit_code == 1
    assert "error[index-address-unknown] " in result.stderr
    assert "--index cu124=ADDRESS" in result.stderr


def test_a_wheel_that_cannot_be_had_is_told() -> None:
    """A refusal ends in exit code 1, in JSON with its problems; no bundle is left."""
    gone = make_wheel("gone", "1.0")
    result = run(put(make_lock([gone])), "--json")
    found = result_of(result.stdout)

    assert result.exit_code == 1
    assert [(item["code"], item["where"]) for item in found["problems"]] == [("wheel-not-offered", gone.filename)]
    assert not list(Path().glob("*.zip"))


def test_several_bundles_need_a_folder() -> None:
    """Two locks and one file for output is refused before anything is fetched."""
    first = put(demo_lock())
    second = put(demo_lock("cu124"))
    Path("one.zip").write_text("kept")
    result = run(first, second, "-o", "one.zip")

    assert result.exit_code == 1
    assert "error[output-is-a-file] one.zip" in result.stderr
    assert Path("one.zip").read_text() == "kept"


def test_a_bundle_may_be_cut() -> None:
    """--split gives volumes, their list and the runner; the JSON answer names every file to copy."""
    result = run(put(demo_lock()), "--split", "300K", "--json")
    (found,) = result_of(result.stdout)["bundles"]

    assert result.exit_code == 0, result.output
    assert sorted(found["files"]) == sorted(
        path.name for path in Path().iterdir() if not path.name.startswith("pylock")
    )
    assert found["files"][-2:] == ["bundle-cpu.zip.volumes.json", "apply.pyz"]
    assert sum(path.stat().st_size for path in Path().glob("*.zip.0*")) == found["size_bytes"]
    assert Bundle.open(Path("bundle-cpu.zip")).lock == demo_lock()


def test_a_bundle_in_volumes_is_told_in_words() -> None:
    """How many volumes, and what starts them."""
    result = run(put(demo_lock()), "--split", "300K")

    assert " volumes; installed " in result.stdout
    assert result.stdout.endswith("; start it with apply.pyz\n")


def test_an_update_to_an_older_bundle() -> None:
    """--since leaves out what the older one has, names the base, and never writes over it."""
    assert run(put(demo_lock()), "-o", "bundle-cpu.zip").exit_code == 0
    refused = run(put(demo_lock()), "--since", "bundle-cpu.zip", "-o", "bundle-cpu.zip")

    assert refused.exit_code == 1
    assert "error[output-is-the-base] bundle-cpu.zip" in refused.stderr
    again = run(put(demo_lock()), "--since", "bundle-cpu.zip")
    assert again.exit_code == 0, again.output
    assert again.stdout.startswith("update-cpu.zip: 0 wheels, ")
    assert f", 2 more (0.0 MB) from demo 2026.11 {running_target().name}; " in again.stdout


def test_what_ends_in_a_slash_is_a_folder() -> None:
    """One bundle goes into it by its usual name, be it there yet or not; a file of that name is in the way."""
    path = put(demo_lock())

    assert run(path, "--output", "made/deep/").exit_code == 0
    assert Path("made", "deep", "bundle-cpu.zip").is_file()
    assert "error[output-is-a-file]" in run(path, "--output", "made/deep/bundle-cpu.zip/").stderr


def test_an_older_one_that_cannot_be_read_is_told() -> None:
    """--since wants a bundle or a lock; one that is not there is not damaged, but mistyped."""
    path = put(demo_lock())
    Path("broken.zip").write_bytes(b"no bundle")

    assert run(path, "--since", "broken.zip").exit_code == 3
    assert run(path, "--since", "absent.zip").exit_code == 2
    assert run(path, "--since", "absent.toml").exit_code == 2
    assert not Path("update-cpu.zip").exists()


@pytest.mark.parametrize(
    "args",
    [
        pytest.param(["--split", "4GB"], id="size that is none"),
        pytest.param(["--index", "nonsense"], id="index without address"),
        pytest.param(["absent.toml"], id="lock that is not there"),
        pytest.param(["--nonsense"], id="unknown option"),
    ],
)
def test_wrong_usage_ends_in_exit_code_2(args: list[str]) -> None:
    """What cannot be meant is refused before anything is fetched."""
    put(demo_lock())

    assert run(*args).exit_code == 2


def test_no_lock_is_told() -> None:
    """An empty folder has nothing to bundle."""
    result = run()

    assert result.exit_code == 1
    assert "error[lock-not-chosen] " in result.stderr


def test_two_locks_of_one_target_are_not_written_over_each_other(tmp_path: Path) -> None:
    """Locks whose bundles would have one name are refused together, and nothing is written."""
    places = []
    for stack in ("one", "other"):
        lock = make_lock(demo_wheels(), stack=stack)
        places.append(tmp_path / stack / lock.filename)
        places[-1].parent.mkdir()
        places[-1].write_bytes(to_bytes(lock))
    result = CliRunner().invoke(venvault, ["bundle", *map(str, places), "-o", str(tmp_path / "out")])

    assert result.exit_code == 1
    assert "output-names-clash" in result.stderr
    assert "2 locks of one target" in result.stderr
    assert not (tmp_path / "out").exists()


def test_one_lock_that_fails_does_not_keep_the_others_back(server: IndexServer) -> None:
    """With --all every lock is tried: what could be bundled is there, what could not is told with its lock."""
    gone, conflict = make_wheel("gone", "1.0"), make_wheel("other", "1.0", files={"torchao.py": ""})
    server.add(conflict)
    put(demo_lock())
    put(make_lock([gone], target=running_target("cu124")))
    put(make_lock([conflict], target=running_target("cu126"), blacklist={"torchao": "banned"}))
    Path("pylock.cu128.toml").write_text("no lock")
    result = run("--all", "-o", "out", "--json")
    found = result_of(result.stdout)

    assert result.exit_code == 1
    assert found["ok"] is False
    assert [item["target"] for item in found["bundles"]] == [running_target().name]
    assert [(item["code"], item["where"].partition(":")[0]) for item in found["problems"]] == [
        ("lock-invalid", "pylock.cu128.toml"),
        ("wheel-not-offered", running_target("cu124").name),
        ("blacklisted-import", running_target("cu126").name),
    ]
    assert [path.name for path in Path("out").iterdir()] == [f"bundle-{running_target().name}.zip"]


def test_the_whole_matrix_fetches_each_wheel_once(server: IndexServer) -> None:
    """Locks that share wheels share their download."""
    for variant in ("cpu", "cu124", "cu126"):
        put(demo_lock(variant))

    assert run("--all", "-o", "out").exit_code == 0
    assert len([request for request in server.requests if request.path.endswith(".whl")]) == 2


ROTTING = make_wheel("rotting", "1.0", files={"rotting.py": "", "rotting-1.0.dist-info/LICENSE": "As is. " * 99})


@pytest.mark.parametrize(
    "offset",
    [
        pytest.param(4, id="a header that nobody reads"),
        pytest.param(ROTTING.data.index(b"rotting-1.0.dist-info/LICENSE") + 32, id="a text that is read"),
        pytest.param(ROTTING.size_bytes - 4, id="no zip any more"),
    ],
)
def test_a_wheel_that_rotted_in_the_store_is_fetched_anew(offset: int, server: IndexServer) -> None:
    """A flipped bit in the store is found at every use, mended from the index, and never reaches a bundle."""
    server.add(ROTTING)
    path = put(make_lock([ROTTING]))
    assert run(path, "-o", "first.zip").exit_code == 0
    stored = Store(Path("../store")).path(ROTTING.sha256)
    flip_bit(stored, offset)
    result = run(path, "-o", "second.zip")

    assert result.exit_code == 0, result.output
    assert f"damaged in the store: {ROTTING.filename}" in result.stderr
    assert Path("second.zip").read_bytes() == Path("first.zip").read_bytes()
    assert stored.read_bytes() == ROTTING.data


def test_a_wheel_that_an_update_only_reads_is_hashed_too(server: IndexServer) -> None:
    """What is left to the base is not copied, but its facts are told: they are never those of other bytes."""
    server.add(ROTTING)
    path = put(make_lock([ROTTING]))
    assert run(path, "-o", "first.zip").exit_code == 0
    store = Store(Path("../store"))
    flip_bit(store.path(ROTTING.sha256), 4)
    for note in (store.folder / "contents").iterdir():
        note.unlink()
    result = run(path, "--since", "first.zip", "-o", "update.zip")

    assert result.exit_code == 0, result.output
    assert f"damaged in the store: {ROTTING.filename}" in result.stderr
    assert store.path(ROTTING.sha256).read_bytes() == ROTTING.data


def test_offline_takes_what_is_there(server: IndexServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """With --offline no index is asked and no index address is needed: store and find-links folders do."""
    path = put(torch_lock())
    Path("mine").mkdir()
    (Path("mine") / TORCH.filename).write_bytes(TORCH.data)

    assert run(path, "--offline", "--find-links", "mine").exit_code == 0
    assert run(path, "--offline", "--store", "../store").exit_code == 0
    monkeypatch.setenv("PIP_FIND_LINKS", str(Path("mine").resolve()))
    assert run(path, "--offline", "--store", "../third").exit_code == 0
    assert not server.requests


def test_a_folder_of_wheels_that_is_not_there_is_wrong_usage() -> None:
    """A slip in --find-links is told, where pip and uv only warn of it; `~` is the home folder, if there is one."""
    path = put(torch_lock())

    for slip in ("mien", "~/mien", "~nobody-at-all/mien", "m" * 300, "file:///mien"):
        result = run(path, "--find-links", slip)
        assert (result.exit_code, f"'{slip}' is not there" in result.stderr) == (2, True)


def test_offline_names_all_that_is_missing_with_its_size() -> None:
    """What is in neither place is told at once, and how to come by it."""
    result = run(put(demo_lock()), "--offline", "--json")
    problems = result_of(result.stdout)["problems"]

    assert result.exit_code == 1
    assert {(item["code"], item["where"]) for item in problems} == {
        ("wheel-not-in-store", wheel.filename) for wheel in demo_wheels()
    }
    assert all("(0.0 MB) in the store or in a find-links folder" in item["expected"] for item in problems)


def test_a_file_that_is_no_bundle_is_not_replaced(server: IndexServer) -> None:
    """A slip in --output is told before anything is fetched."""
    Path("notes.txt").write_text("precious")
    result = run(put(demo_lock()), "-o", "notes.txt")

    assert result.exit_code == 1
    assert "error[output-not-a-bundle] notes.txt" in result.stderr
    assert Path("notes.txt").read_text() == "precious"
    assert not server.requests


@pytest.mark.skipif(sys.platform == "win32", reason="needs a limit on file sizes")
@pytest.mark.parametrize("room_bytes", [0, 1, 5_000, 300_000])
def test_a_disk_that_fills_up_while_writing_is_told(room_bytes: int) -> None:
    """Wherever the room ends, the older bundle stays, nothing is left beside it, and the next run succeeds."""
    path = put(demo_lock())
    assert run(path, "-o", "o.zip").exit_code == 0
    before = Path("o.zip").read_bytes()
    with room_for(room_bytes):
        result = run(path, "-o", "o.zip")

    assert len(before) > 300_000
    assert result.exit_code == 1
    assert "error[bundle-not-written] " in result.stderr
    assert "File too large" in result.stderr
    assert Path("o.zip").read_bytes() == before
    assert sorted(item.name for item in Path().iterdir()) == ["o.zip", path.name]
    assert run(path, "-o", "o.zip").exit_code == 0


def test_the_log_of_a_run_is_lines_with_sizes() -> None:
    """Where standard error is no terminal each phase is told at its start and its end, and nothing is rewritten."""
    result = run(put(demo_lock()))

    assert re.fullmatch(
        "".join(
            rf"{phase}: \d\.\d MB, \d+ {unit}\n({phase}: \d\.\d MB, \d+ {unit} in \d+ s\n)?"
            for phase, unit in {"fetching": "wheels", "reading": "wheels", "writing": "files"}.items()
        ),
        result.stderr,
    )


def test_extra_files_lie_beside_the_lock_or_where_they_are_said_to(tmp_path: Path) -> None:
    """Without --files they are looked for beside the lock; with it, there."""
    file = LockedFile(path="models/a.bin", size_bytes=1, sha256=sha256_of_bytes(b"a"))
    path = put(make_lock(demo_wheels(), files=(file,)))
    missing = run(path, "--json")
    for folder in (Path(), tmp_path / "elsewhere"):
        (folder / "models").mkdir(parents=True)
        (folder / "models" / "a.bin").write_bytes(b"a")
    beside, elsewhere = run(path, "-o", "a.zip"), run(path, "-o", "b.zip", "--files", tmp_path / "elsewhere")

    assert [problem["code"] for problem in result_of(missing.stdout)["problems"]] == ["file-missing"]
    assert (beside.exit_code, elsewhere.exit_code) == (0, 0)
    assert Path("a.zip").read_bytes() == Path("b.zip").read_bytes()
