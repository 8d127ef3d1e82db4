"""Which locks are bundled, where their indexes are, what the bundles are called."""

from dataclasses import replace
from pathlib import Path

import pytest

from locks import Lock, LockError

from bundler.choose import fits_here, index_addresses, output_name, read_locks
from bundler.errors import OutputError
from compiler.write import to_bytes
from tests.bundles import locked, make_lock, running_target, target_on
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

    assert read_locks([path], take_all=False) == [(path, lock, path.read_bytes())]


def test_of_a_folder_the_lock_for_this_machine_is_taken(tmp_path: Path) -> None:
    """A folder of locks gives the one that fits here; other files are passed over."""
    wanted, _ = put(tmp_path, here(), make_lock([DEMO], target=ELSEWHERE))
    (tmp_path / "manifest.toml").write_text("no lock")

    assert [path for path, _, _ in read_locks([tmp_path], take_all=False)] == [wanted]


def test_all_takes_all(tmp_path: Path) -> None:
    """With --all every lock of the folder is taken, sorted."""
    paths = put(tmp_path, here(), here("cu124"), make_lock([DEMO], target=ELSEWHERE))

    assert [path for path, _, _ in read_locks([tmp_path], take_all=True)] == sorted(paths)


@pytest.mark.parametrize(
    ("locks", "take_all", "found"),
    [
        pytest.param([], False, "none among: no lock at all", id="empty folder"),
        pytest.param([], True, "none among: no lock at all", id="empty folder, all"),
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
        read_locks([tmp_path], take_all=take_all)

    assert str(caught.value) == (
        f"lock-not-chosen: {tmp_path}: expected one lock for this machine, found {found} "
        "(name one of them, or give --all)"
    )


def test_a_lock_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    """A file that is not there, or no lock, is named."""
    with pytest.raises(LockError, match=r"lock-unreadable: .*absent\.toml: expected a lock file, found No such file"):
        read_locks([tmp_path / "absent.toml"], take_all=False)
    (tmp_path / "pylock.x.toml").write_text("=")
    with pytest.raises(LockError, match="lock-invalid"):
        read_locks([tmp_path], take_all=False)


MANIFEST = '[variants.cu124]\nindex = "https://from.manifest/cu124"\n[variants.cpu]\n'


def with_index() -> Lock:
    """A lock with one wheel from a variant's own index."""
    lock = here("cu124")
    return replace(lock, wheels=(locked(DEMO, index="cu124"),))


@pytest.mark.parametrize(
    ("manifest", "given", "expected"),
    [
        pytest.param(MANIFEST, {}, {"cu124": "https://from.manifest/cu124"}, id="from the manifest"),
        pytest.param(MANIFEST, {"cu124": "https://given"}, {"cu124": "https://given"}, id="given wins"),
        pytest.param(None, {"cu124": "https://given"}, {"cu124": "https://given"}, id="no manifest"),
        pytest.param("= no TOML", {"cu124": "https://given"}, {"cu124": "https://given"}, id="no TOML"),
        pytest.param("variants = 3", {"cu124": "https://given"}, {"cu124": "https://given"}, id="no table"),
        pytest.param(MANIFEST, {"cu124": "a", "other": "b"}, {"cu124": "a"}, id="only what is needed"),
    ],
)
def test_addresses_come_from_the_command_line_or_the_manifest(
    manifest: str | None, given: dict[str, str], expected: dict[str, str], tmp_path: Path
) -> None:
    """The lock holds no address: what is given wins over the manifest beside it."""
    if manifest is not None:
        (tmp_path / "manifest.toml").write_text(manifest)

    assert index_addresses(with_index(), tmp_path / "pylock.toml", given) == expected


def test_the_ordinary_index_needs_no_address(tmp_path: Path) -> None:
    """Pip's configuration has it."""
    assert index_addresses(here(), tmp_path / "pylock.toml", {}) == {}


def test_an_address_that_nobody_knows_is_asked_for(tmp_path: Path) -> None:
    """An alias without address is refused, and how to give it is said."""
    with pytest.raises(OutputError) as caught:
        index_addresses(with_index(), tmp_path / "pylock.toml", {})

    assert str(caught.value) == (
        f"index-address-unknown: {tmp_path / 'pylock.toml'}: expected the address of index 'cu124', found none "
        "(give --index cu124=ADDRESS, or keep the manifest beside the lock)"
    )


def test_bundles_are_called_by_variant_or_whole_target() -> None:
    """One bundle goes by its variant; several by their targets, so that no name comes twice."""
    assert output_name(here("cu124"), alone=True, update=False) == "bundle-cu124.zip"
    assert output_name(here("cu124"), alone=False, update=False) == f"bundle-{running_target('cu124').name}.zip"


def test_an_update_has_a_name_of_its_own() -> None:
    """By default an update never takes the place of its base."""
    assert output_name(here("cu124"), alone=True, update=True) == "update-cu124.zip"
    assert output_name(here("cu124"), alone=False, update=True) == f"update-{running_target('cu124').name}.zip"
