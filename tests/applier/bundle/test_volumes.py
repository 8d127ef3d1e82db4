"""A bundle in volumes: read in place by any of its names; whatever is wrong with one, that one is named."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from applier.bundle.reader import Bundle
from applier.bundle.volumes import list_path, volume_path
from applier.errors import BundleDamaged
from bundler.archive import write_archive
from tests.bundles import bare_members, demo_wheels, flip_bit, truncate
from tests.wheels import make_wheel

DEMO = make_wheel("demo", "1.0", padding_bytes=8500)
MEMBER = "wheels/demo-1.0-py3-none-any.whl"
VOLUME_BYTES = 2500


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    """A bundle in five volumes; one of them holds nothing but the middle of the wheel."""
    path = tmp_path / "bundle.zip"
    written = write_archive(path, bare_members(DEMO), volume_bytes=VOLUME_BYTES)
    whole = b"".join(file.read_bytes() for file in written.files[:-1])

    assert not path.exists()
    assert [file.name for file in written.files] == [*(f"bundle.zip.00{n}" for n in range(1, 6)), list_path(path).name]
    assert whole.index(DEMO.data) < 2 * VOLUME_BYTES < 3 * VOLUME_BYTES < whole.index(DEMO.data) + DEMO.size_bytes
    return path


def judge(path: Path) -> Bundle:
    """What `apply` does before it believes a bundle."""
    bundle = Bundle.open(path)
    bundle.verify()
    return bundle


@pytest.mark.parametrize("name", ["bundle.zip", "bundle.zip.001", "bundle.zip.003"])
def test_any_name_of_it_opens_the_whole(name: str, bundle: Path) -> None:
    """The name they have in common, the first volume and any other are the same bundle, read in place."""
    opened = judge(bundle.with_name(name))

    assert opened.path == bundle
    with opened.open_member(MEMBER) as stream:
        assert stream.read() == DEMO.data
    assert [piece.path.name for piece in opened.extents[MEMBER].pieces] == [f"bundle.zip.00{n}" for n in range(1, 6)]


@pytest.mark.parametrize("volume_bytes", [1 << 9, 2048, 3001])
def test_joined_volumes_are_the_bundle_that_was_not_cut(volume_bytes: int, tmp_path: Path) -> None:
    """By whatever means they are joined, byte for byte; a volume more or less full makes no difference."""
    members = bare_members(*demo_wheels())
    write_archive(tmp_path / "whole.zip", members)
    *volumes, _ = write_archive(tmp_path / "cut.zip", members, volume_bytes=volume_bytes).files
    joined = b"".join(path.read_bytes() for path in volumes)

    assert joined == (tmp_path / "whole.zip").read_bytes()
    assert {path.stat().st_size for path in volumes[:-1]} == {volume_bytes}
    (tmp_path / "joined.zip").write_bytes(joined)
    assert judge(tmp_path / "joined.zip").lock == judge(tmp_path / "cut.zip").lock


def test_joined_volumes_may_lie_beside_what_they_were_joined_from(bundle: Path) -> None:
    """The joined file is taken when it is named, and a volume when that is."""
    bundle.write_bytes(b"".join(volume_path(bundle, number).read_bytes() for number in range(1, 6)))

    assert judge(bundle).files.volumes == ()
    assert len(judge(volume_path(bundle, 1)).files.volumes) == 5


def _swap(bundle: Path) -> None:
    first, second = volume_path(bundle, 3), volume_path(bundle, 4)
    data = first.read_bytes()
    first.write_bytes(second.read_bytes())
    second.write_bytes(data)


def _of_another_bundle(bundle: Path) -> None:
    other = bundle.parent / "other" / "bundle.zip"
    other.parent.mkdir()
    wheel = make_wheel("other", "1.0", padding_bytes=8500)
    write_archive(other, bare_members(wheel), volume_bytes=VOLUME_BYTES)
    shutil.copy(volume_path(other, 3), volume_path(bundle, 3))


def _add(bundle: Path) -> None:
    volume_path(bundle, 6).write_bytes(b"x")


FAULTS: list[tuple[str, Callable[[Path], object], list[tuple[str, str]], str]] = [
    ("first missing", lambda b: volume_path(b, 1).unlink(), [("volume-missing", "bundle.zip.001")], "none"),
    ("middle missing", lambda b: volume_path(b, 3).unlink(), [("volume-missing", "bundle.zip.003")], "none"),
    ("last missing", lambda b: volume_path(b, 5).unlink(), [("volume-missing", "bundle.zip.005")], "none"),
    ("list missing", lambda b: list_path(b).unlink(), [("volume-missing", "bundle.zip.volumes.json")], "none"),
    ("one too many", _add, [("volume-unexpected", "bundle.zip.006")], "one more"),
    ("short", lambda b: truncate(volume_path(b, 2), 9), [("bundle-damaged", "bundle.zip.002")], "9 bytes"),
    ("last short", lambda b: truncate(volume_path(b, 5), 9), [("bundle-damaged", "bundle.zip.005")], "9 bytes"),
    ("empty", lambda b: truncate(volume_path(b, 4), 0), [("bundle-damaged", "bundle.zip.004")], "0 bytes"),
    ("swapped", _swap, [("bundle-damaged", "bundle.zip.003"), ("bundle-damaged", "bundle.zip.004")], ""),
    ("of another bundle", _of_another_bundle, [("bundle-damaged", "bundle.zip.003")], ""),
    ("flipped", lambda b: flip_bit(volume_path(b, 3), 7), [("bundle-damaged", "bundle.zip.003")], ""),
    ("flipped in a header", lambda b: flip_bit(volume_path(b, 1), 8), [("bundle-damaged", "bundle.zip.001")], ""),
    ("flipped at the end", lambda b: flip_bit(volume_path(b, 5), -1), [("bundle-damaged", "bundle.zip.005")], ""),
]


@pytest.mark.parametrize("name", ["bundle.zip.002", "bundle.zip.001"])
@pytest.mark.parametrize(("fault", "named", "found"), [pytest.param(*row[1:], id=row[0]) for row in FAULTS])
def test_a_bad_volume_is_named(
    fault: Callable[[Path], object], named: list[tuple[str, str]], found: str, name: str, bundle: Path
) -> None:
    """Missing, extra, short, swapped or altered: the problems come first that name the file to copy again."""
    fault(bundle)
    with pytest.raises(BundleDamaged) as caught:
        judge(bundle.with_name(name))
    problems = caught.value.problems[: len(named)]

    assert [(problem.code, Path(problem.where).name) for problem in problems] == named
    assert found in problems[0].found


def test_volume_zero_is_no_volume(bundle: Path) -> None:
    """They count from 1; what else is called .000 is somebody else's."""
    volume_path(bundle, 0).write_bytes(b"x")

    judge(bundle)


def test_all_that_is_wrong_with_the_volumes_is_told_at_once(bundle: Path) -> None:
    """Who copies volumes to a stick wants to hear of every one that is missing."""
    volume_path(bundle, 2).unlink()
    truncate(volume_path(bundle, 4), 1)
    with pytest.raises(BundleDamaged) as caught:
        Bundle.open(bundle)

    assert [str(problem).partition(" (")[0] for problem in caught.value.problems] == [
        f"volume-missing: {bundle}.002: expected volume 2 of 5, 2,500 bytes, found none",
        f"bundle-damaged: {bundle}.004: expected volume 4 of 5, 2,500 bytes, found 1 bytes",
    ]
    assert caught.value.problems[0].hint == f"copy it into {bundle.parent} too"


@pytest.mark.parametrize(
    "document",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"[" * 100_000, id="nested"),
        pytest.param(json.dumps({"format": 1, "volumes": []}).encode(), id="no volumes"),
        pytest.param(json.dumps({"format": 2, "volumes": []}).encode(), id="newer"),
        pytest.param(json.dumps({"format": 1, "volumes": [{"size": -1, "sha256": "ab" * 32}]}).encode(), id="negative"),
        pytest.param(json.dumps({"format": 1, "volumes": [{"size": 1, "sha256": "AB" * 32}]}).encode(), id="digest"),
        pytest.param(json.dumps({"format": 1, "volumes": [7]}).encode(), id="no table"),
    ],
)
def test_a_list_that_is_none_is_named(document: bytes, bundle: Path) -> None:
    """A damaged list of volumes is a problem of that file."""
    list_path(bundle).write_bytes(document)
    with pytest.raises(BundleDamaged) as caught:
        Bundle.open(bundle)

    assert {problem.code for problem in caught.value.problems} == {"volumes-list-invalid"}
    assert caught.value.problems[0].where.startswith(str(list_path(bundle)))
