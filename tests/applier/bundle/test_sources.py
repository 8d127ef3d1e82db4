"""An update and its base: what is left out is found, hashed, and told clearly when it is not there."""

import shutil
from functools import partial
from pathlib import Path

import pytest

from locks import Lock

from applier.bundle.reader import Bundle
from applier.bundle.sources import NOWHERE_ELSE, Sources, bundles_in, only_bundle_in, open_whole
from applier.errors import ApplyRefused, BundleDamaged
from bundler.archive import write_archive
from compiler.write import to_bytes
from tests.bundles import bare_members, edit_contents, fill_store, flip_bit, make_lock, read_members, write_bundle_of
from tests.wheels import Wheel, make_wheel

TORCH = make_wheel("torch", "2.5.1", padding_bytes=3000)
NUMPY = make_wheel("numpy", "2.0")
OLD = make_wheel("transformers", "4.1")
NEW = make_wheel("transformers", "4.2")
TORCH_MEMBER = f"wheels/{TORCH.filename}"
NUMPY_MEMBER = f"wheels/{NUMPY.filename}"


def write(path: Path, *wheels: Wheel, since: Path | None = None, volume_bytes: int | None = None) -> Path:
    """Write the bundle of these wheels, each release of the stack a version of its own."""
    return write_bundle_of(lock_of(*wheels), wheels, path, since=since, volume_bytes=volume_bytes).path


def lock_of(*wheels: Wheel) -> Lock:
    """The lock of these wheels."""
    return make_lock(wheels, stack_version=f"2026.{len(wheels)}")


@pytest.fixture
def base(tmp_path: Path) -> Path:
    """The bundle that the machine has, in a folder of its own."""
    (tmp_path / "had").mkdir()
    return write(tmp_path / "had" / "bundle-cpu.zip", TORCH, OLD)


@pytest.fixture
def update(base: Path, tmp_path: Path) -> Path:
    """The update to it, in another folder."""
    (tmp_path / "new").mkdir()
    return write(tmp_path / "new" / "update-cpu.zip", TORCH, NUMPY, NEW, since=base)


def opened(path: Path, sources: Sources = NOWHERE_ELSE) -> tuple[Bundle, list[str]]:
    """Open and verify as `apply` does; give what was said, too."""
    lines: list[str] = []
    bundle = open_whole(path, sources, lines.append)
    bundle.verify()
    return bundle, lines


def test_an_update_holds_only_what_the_base_lacks(base: Path, update: Path) -> None:
    """The unchanged wheel is not in it; `bundle.json` says which base has it, and how large it is."""
    wheels = [name for name in read_members(update) if name.startswith("wheels/")]
    left_out = Bundle.open(update).contents.base

    assert wheels == [f"wheels/{NUMPY.filename}", f"wheels/{NEW.filename}"]
    assert left_out is not None
    assert [(wheel.name, wheel.size_bytes, wheel.sha256) for wheel in left_out.wheels] == [
        (TORCH_MEMBER, TORCH.size_bytes, TORCH.sha256)
    ]
    (lock,) = [member for member in Bundle.open(base).contents.members if member.name == "pylock.toml"]
    assert left_out.lock_sha256 == lock.sha256
    assert left_out.name == f"demo 2026.2 {lock_of().target.name}"


def test_the_older_lock_gives_the_same_update_as_its_bundle(update: Path, tmp_path: Path) -> None:
    """The release engineer need not keep old bundles: the lock in the repository is enough."""
    lock = tmp_path / lock_of().filename
    lock.write_bytes(to_bytes(lock_of(TORCH, OLD)))

    assert write(tmp_path / "other.zip", TORCH, NUMPY, NEW, since=lock).read_bytes() == update.read_bytes()


def test_what_shares_nothing_with_the_older_one_is_a_whole_bundle(base: Path, tmp_path: Path) -> None:
    """Without a wheel in common there is no base to ask for."""
    bundle = Bundle.open(write(tmp_path / "a.zip", NUMPY, since=base))

    assert (bundle.contents.base, bundle.absent) == (None, ())


def _beside(update: Path, base: Path) -> Sources:
    shutil.copy(base, update.parent / "some name.zip")
    return NOWHERE_ELSE


def _beside_in_volumes(update: Path, _base: Path) -> Sources:
    write(update.parent / "old.zip", TORCH, OLD, volume_bytes=100_000)
    return NOWHERE_ELSE


def _in_a_store(update: Path, _base: Path) -> Sources:
    fill_store(update.parent / "kept", [TORCH])
    return Sources(store=update.parent / "kept")


def _in_a_third_bundle(update: Path, _base: Path) -> Sources:
    write(update.parent / "third.zip", TORCH, make_wheel("other", "1"))
    return NOWHERE_ELSE


@pytest.mark.parametrize(
    ("bring", "place"),
    [
        pytest.param(lambda _update, base: Sources(bases=(base,)), "bundle-cpu.zip", id="named"),
        pytest.param(_beside, "some name.zip", id="beside, under any name"),
        pytest.param(_beside_in_volumes, "old.zip", id="beside, in volumes"),
        pytest.param(_in_a_store, "kept", id="in a store"),
        pytest.param(_in_a_third_bundle, "third.zip", id="in another bundle that has the same wheel"),
    ],
)
def test_what_is_left_out_is_found(bring, place: str, base: Path, update: Path) -> None:  # type: ignore[no-untyped-def]
    """Wherever the very wheel lies, the update is whole with it, and says where it was taken from."""
    sources = bring(update, base)
    bundle, lines = opened(update, sources)

    with bundle.open_member(TORCH_MEMBER) as stream:
        assert stream.read() == TORCH.data
    (line,) = lines
    assert line.startswith("taking 1 wheel, 0.0 MB, from ")
    assert line.endswith(place)


def test_an_update_of_an_update_takes_each_wheel_from_where_it_is(base: Path, update: Path, tmp_path: Path) -> None:
    """With the base of the base beside it, a second update needs nothing more."""
    newer = write(tmp_path / "new" / "newer.zip", TORCH, NUMPY, NEW, make_wheel("more", "1"), since=update)
    shutil.copy(base, newer.parent)

    assert len(opened(newer)[0].extents) > len(Bundle.open(newer).extents)


def test_a_base_that_is_missing_is_named(base: Path, update: Path) -> None:
    """Which bundle is needed, by name and digest, for which wheels, and how large they are."""
    base.unlink()
    with pytest.raises(ApplyRefused) as caught:
        opened(update)
    (problem,) = caught.value.problems
    left_out = Bundle.open(update).contents.base

    assert left_out is not None
    assert (problem.code, problem.where) == ("base-missing", str(update))
    assert problem.expected == (f"its base, {left_out.name} (lock sha256 {left_out.lock_sha256}), for 1 wheel, 0.0 MB")
    assert problem.found == "0 of the 1 wheels that it leaves to it"
    assert problem.because == (f"{TORCH_MEMBER}, 0.0 MB, is nowhere",)
    assert "--base FILE or --store DIR" in problem.hint


def test_of_many_wheels_the_largest_are_named(tmp_path: Path) -> None:
    """A screen is enough to see what is missed."""
    wheels = [make_wheel(f"w{number:02}", "1", padding_bytes=number * 10) for number in range(13)]
    write(tmp_path / "old" / "base.zip", *wheels)
    update = write(tmp_path / "new" / "update.zip", *wheels, since=tmp_path / "old" / "base.zip")
    with pytest.raises(ApplyRefused) as caught:
        opened(update)
    because = caught.value.problems[0].because

    assert len(because) == 11
    assert because[0].startswith("wheels/w12-1-py3-none-any.whl, ")
    assert because[-1] == "3 smaller ones, 0.0 MB, are not either"


def test_a_bundle_that_is_not_the_base_does_not_help(update: Path, tmp_path: Path) -> None:
    """Another bundle, a damaged one, no bundle at all, a store without the wheel: the base is still missing."""
    write(update.parent / "other.zip", NUMPY)
    (update.parent / "photos.zip").write_bytes(b"no bundle")
    (update.parent / "gone.zip.001").write_bytes(b"no list")
    lines: list[str] = []
    with pytest.raises(ApplyRefused, match="base-missing"):
        open_whole(update, Sources(store=tmp_path / "nowhere"), lines.append)

    assert [line.partition(": ")[0] for line in lines] == [
        f"passing over {update.parent / name}" for name in ("gone.zip", "photos.zip")
    ]


def test_a_named_base_must_be_a_bundle(update: Path, tmp_path: Path) -> None:
    """What the user names is not passed over in silence."""
    (tmp_path / "broken.zip").write_bytes(b"no bundle")
    with pytest.raises(BundleDamaged, match=r"broken\.zip"):
        opened(update, Sources(bases=(tmp_path / "broken.zip",)))


def test_a_flipped_bit_in_the_base_is_noticed_and_named(base: Path, update: Path) -> None:
    """What comes from the base is hashed like the update's own, and told with the file it is in."""
    flip_bit(base, base.read_bytes().index(TORCH.data) + 50)
    with pytest.raises(BundleDamaged) as caught:
        opened(update, Sources(bases=(base,)))

    assert [problem.where for problem in caught.value.problems] == [f"{TORCH_MEMBER} in {base}"]


def test_a_flipped_bit_in_the_store_is_noticed_and_named(update: Path, tmp_path: Path) -> None:
    """A store is not believed either."""
    path = fill_store(tmp_path / "kept", [TORCH]).path(TORCH.sha256)
    flip_bit(path, 50)
    with pytest.raises(BundleDamaged) as caught:
        opened(update, Sources(store=tmp_path / "kept"))

    assert [problem.where for problem in caught.value.problems] == [f"{TORCH_MEMBER} in {path}"]


def test_a_file_of_another_length_in_the_store_does_not_count(update: Path, tmp_path: Path) -> None:
    """A wheel that was cut off is as good as none."""
    fill_store(tmp_path / "kept", [TORCH]).path(TORCH.sha256).write_bytes(b"x")
    with pytest.raises(ApplyRefused, match="base-missing"):
        opened(update, Sources(store=tmp_path / "kept"))


@pytest.mark.parametrize(
    ("changes", "where", "found"),
    [
        pytest.param(
            {"name": f"wheels/{NUMPY.filename}"},
            f"wheels/{NUMPY.filename}",
            "a member that the base has too",
            id="twice",
        ),
        pytest.param({"name": "wheels/x.whl"}, "wheels/x.whl", "one it does not", id="not in the lock"),
        pytest.param({"name": "evil.py"}, "evil.py", "one it does not", id="no wheel"),
        pytest.param({"sha256": "ab" * 32}, TORCH_MEMBER, f"{'ab' * 32} (bundle.json)", id="another digest"),
        pytest.param({"size": 7}, TORCH_MEMBER, "7 bytes (bundle.json)", id="another size"),
    ],
)
def test_what_is_said_of_the_base_is_held_against_the_lock(
    changes: dict[str, str | int], where: str, found: str, update: Path
) -> None:
    """The list of wheels left out cannot bring in, hide or replace anything."""
    left_out = Bundle.open(update).contents.base
    assert left_out is not None
    row = {"name": TORCH_MEMBER, "size": TORCH.size_bytes, "sha256": TORCH.sha256, **changes}
    edit_contents(
        update,
        base={
            "stack": "demo",
            "stack-version": "1",
            "target": left_out.target,
            "lock-sha256": left_out.lock_sha256,
            "wheels": [row],
        },
    )
    with pytest.raises(BundleDamaged) as caught:
        opened(update)

    assert (where, found) in [(problem.where, problem.found) for problem in caught.value.problems]


# Which bundles there are.


def test_bundles_are_found_by_name_also_in_volumes(tmp_path: Path) -> None:
    """A zip, or the first of its volumes; what lies beside them is none."""
    for name in ("b.zip", "a.zip.001", "a.zip.002", "a.zip.volumes.json", "apply.pyz", "c.zip.002", ".b.zip.lock"):
        (tmp_path / name).write_bytes(b"")

    assert bundles_in(tmp_path) == [tmp_path / "a.zip", tmp_path / "b.zip"]
    assert bundles_in(tmp_path / "nowhere") == []


def test_the_only_bundle_of_a_folder_is_chosen(tmp_path: Path) -> None:
    """Zips that are no bundles do not count; none or several are told by name."""
    with pytest.raises(ApplyRefused, match="expected one bundle, found none"):
        only_bundle_in(tmp_path)
    write_archive(tmp_path / "b.zip", bare_members())
    assert only_bundle_in(tmp_path) == tmp_path / "b.zip"
    (tmp_path / "photos.zip").write_bytes(b"no bundle")
    assert only_bundle_in(tmp_path) == tmp_path / "b.zip"
    write_archive(tmp_path / "c.zip", bare_members())
    with pytest.raises(ApplyRefused, match=r"expected one bundle, found b.zip, c.zip \(name the bundle\)"):
        only_bundle_in(tmp_path)


def test_the_environment_is_asked_last_and_of_an_update_alone(base: Path, update: Path) -> None:
    """What is found elsewhere needs no old environment; its outlines are many lines to read."""
    asked: list[Path] = []

    def outlines(path: Path) -> set[str]:
        asked.append(path)
        return {wheel.outline_sha256 for wheel in Bundle.open(update).absent}

    for path, bases in ((base, ()), (update, (base,)), (update, ())):
        bundle = open_whole(path, Sources(bases=bases, outlines=partial(outlines, path)), print)

    assert asked == [update]
    assert [wheel.name for wheel in bundle.absent] == [TORCH_MEMBER]
