"""Which locks are bundled, what the bundles are called and where they may go."""

import sys
from dataclasses import replace
from pathlib import Path

import pytest

from locks import Lock, LockError

from bundler.choose import choose_locks, fits_here, judge_output, output_name, output_paths, read
from bundler.errors import OutputError
from compiler.write import to_bytes
from tests.bundles import make_bundle, make_lock, running_target, target_on
from tests.wheels import make_wheel

DEMO = make_wheel("demo", "1.0")
ELSEWHERE = target_on("windows-x86_64" if running_target().platform.os_name == "posix" else "linux-x86_64")


def here(variant: str = "cpu") -> Lock:
    """A lock for the running interpreter."""
    return make_lock([DEMO], target=running_target(variant))


def put(folder: Path, *locks: Lock) -> list[Path]:
    """Write locks under their own names."""
    for lock in locks:
        (folder / lock.filename).write_bytes(to_bytes(lock))
    return [folder / lock.filename for lock in locks]


@pytest.mark.parametrize(
    ("lock", "fits"),
    [
        pytest.param(here(), True, id="this machine"),
        pytest.param(here("cu124"), True, id="this machine, another variant"),
        pytest.param(make_lock([DEMO], target=ELSEWHERE), False, id="another system"),
        pytest.param(make_lock([DEMO], target=replace(running_target(), python="3.14")), False, id="another Python"),
    ],
)
def test_a_lock_fits_by_system_machine_and_python(lock: Lock, fits: bool) -> None:
    """Whether a lock is for this machine does not depend on its variant."""
    assert fits_here(lock) is fits


def test_locks_named_are_read_as_they_are(tmp_path: Path) -> None:
    """Files given are taken, whatever machine they are for, with their bytes."""
    lock = make_lock([DEMO], target=ELSEWHERE)
    (path,) = put(tmp_path, lock)

    assert choose_locks([path], take_all=False) == [path]
    assert read(path) == (lock, path.read_bytes())


def test_of_a_folder_the_lock_for_this_machine_is_taken(tmp_path: Path) -> None:
    """A folder of locks gives the one that fits here; other files are passed over."""
    wanted, _ = put(tmp_path, here(), make_lock([DEMO], target=ELSEWHERE))
    (tmp_path / "manifest.toml").write_text("no lock")

    assert choose_locks([tmp_path], take_all=False) == [wanted]


def test_all_takes_all(tmp_path: Path) -> None:
    """With --all every lock of the folder is taken, sorted."""
    paths = put(tmp_path, here(), here("cu124"), make_lock([DEMO], target=ELSEWHERE))

    assert choose_locks([tmp_path], take_all=True) == sorted(paths)


@pytest.mark.parametrize(
    ("locks", "take_all", "found"),
    [
        pytest.param([], False, "no lock at all", id="empty folder"),
        pytest.param([], True, "no lock at all", id="empty folder, all"),
        pytest.param(
            [make_lock([DEMO], target=ELSEWHERE)],
            False,
            f"none among: pylock.{ELSEWHERE.name}.toml",
            id="none for this machine",
        ),
        pytest.param(
            [here(), here("cu124")],
            False,
            f"several: pylock.{running_target().name}.toml, pylock.{running_target('cu124').name}.toml",
            id="two variants",
        ),
    ],
)
def test_a_folder_without_one_lock_for_this_machine_is_refused(
    locks: list[Lock], take_all: bool, found: str, tmp_path: Path
) -> None:
    """Nothing is guessed: the names are listed, and what to do is said."""
    put(tmp_path, *locks)
    with pytest.raises(OutputError) as caught:
        choose_locks([tmp_path], take_all=take_all)

    hint = "name one of them, or give --all" if locks else "compile first, or name the folder that has the locks"
    assert str(caught.value) == (
        f"lock-not-chosen: {tmp_path}: expected one lock for this machine, found {found} ({hint})"
    )


def test_a_lock_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    """A file that is not there, or no lock, is named."""
    with pytest.raises(LockError, match=r"lock-unreadable: .*absent\.toml: expected a lock file, found No such file"):
        read(tmp_path / "absent.toml")
    (tmp_path / "pylock.x.toml").write_text("=")
    with pytest.raises(LockError, match="lock-invalid"):
        choose_locks([tmp_path], take_all=False)


def test_bundles_are_called_by_variant_or_whole_target() -> None:
    """One bundle goes by its variant; several by their targets, so that no name comes twice."""
    assert output_name(here("cu124"), alone=True, update=False) == "bundle-cu124.zip"
    assert output_name(here("cu124"), alone=False, update=False) == f"bundle-{running_target('cu124').name}.zip"


def test_an_update_has_a_name_of_its_own() -> None:
    """By default an update never takes the place of its base."""
    assert output_name(here("cu124"), alone=True, update=True) == "update-cu124.zip"
    assert output_name(here("cu124"), alone=False, update=True) == f"update-{running_target('cu124').name}.zip"


def test_an_older_bundle_may_be_replaced(tmp_path: Path) -> None:
    """Making a bundle again is no mistake, and neither is a place where nothing is."""
    assert judge_output(make_bundle(tmp_path / "bundle.zip")) == []
    assert judge_output(tmp_path / "absent.zip") == []


@pytest.mark.parametrize(
    ("data", "found"),
    [
        pytest.param(b"some notes", "a file that is no bundle", id="text"),
        pytest.param(DEMO.data, "a file that is no bundle", id="another zip"),
        pytest.param(b"", "a file that is no bundle", id="empty"),
        pytest.param(None, "a folder", id="folder"),
    ],
)
def test_what_is_no_bundle_is_not_replaced(data: bytes | None, found: str, tmp_path: Path) -> None:
    """A slip in --output must not cost a file that nobody can make again."""
    path = tmp_path / "precious"
    path.mkdir() if data is None else path.write_bytes(data)
    (problem,) = judge_output(path)

    assert (problem.code, problem.where, problem.found) == ("output-not-a-bundle", str(path), found)


@pytest.mark.parametrize("since", ["link.zip", "below/../base.zip", "base.zip.001"])
def test_an_update_never_takes_its_bases_place(since: str, tmp_path: Path) -> None:
    """However the base is called: through a link, by another way, by one of its volumes."""
    (tmp_path / "base.zip").write_bytes(b"")
    (tmp_path / "below").mkdir()
    (tmp_path / "link.zip").symlink_to("base.zip")

    with pytest.raises(OutputError, match="output-is-the-base"):
        output_paths([here()], tmp_path / "base.zip", alone=True, since=tmp_path / since)


@pytest.mark.skipif(sys.platform == "win32", reason="links need permission there")
def test_an_update_may_take_the_place_of_a_link_in_a_circle(tmp_path: Path) -> None:
    """It leads to no base."""
    loop, base = tmp_path / "loop.zip", tmp_path / "base.zip"
    loop.symlink_to(loop)

    assert output_paths([here()], loop, alone=True, since=base) == [loop]
