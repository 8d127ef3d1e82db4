"""A bundle made to deceive: whole by its own list, but with a lock or a place that must not be believed."""

import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from locks.progress import Progress, Reporter

from applier.bundle.reader import Bundle
from applier.changed import FileChanged
from applier.errors import BundleDamaged
from bundler.archive import write_archive
from tests.bundles import bare_members, put_member, read_members, relist
from tests.wheels import make_wheel

DEMO = make_wheel("demo", "1.0")
MEMBER = "wheels/demo-1.0-py3-none-any.whl"
WHEEL_LINE = f'path = "{MEMBER}"'
HASHES = f'sha256 = "{DEMO.sha256}"'


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    """A bundle of one wheel, without the runner."""
    path = tmp_path / "bundle.zip"
    write_archive(path, bare_members(DEMO))
    return path


def judge(path: Path) -> None:
    """What `apply` does before it believes a bundle."""
    Bundle.open(path).verify()


def replaced(old: str, new: str) -> Callable[[str], bytes]:
    """Give a change of the lock's text, which must have `old`."""

    def change(text: str) -> bytes:
        assert old in text
        return text.replace(old, new).encode()

    return change


def package_again(text: str) -> bytes:
    """Lock the package twice."""
    start = text.index("[[packages]]")
    end = text.index("[tool.venvault]") if text.index("[tool.venvault]") > start else len(text)
    return (text[:end] + text[start:end] + text[end:]).encode()


LOCKS: list[tuple[str, Callable[[str], bytes]]] = [
    ("path up and out", replaced(MEMBER, f"wheels/../{MEMBER}")),
    ("path absolute", replaced(MEMBER, f"/{MEMBER}")),
    ("path with a backslash", replaced("wheels/demo", r"wheels\\demo")),
    ("path with a drive", replaced(MEMBER, f"C:/{MEMBER}")),
    ("path an address", replaced(MEMBER, f"https://host/{MEMBER}")),
    ("path of another member", replaced(MEMBER, "wheels/other-1.0-py3-none-any.whl")),
    ("path of another project", replaced(MEMBER, "pylock.toml")),
    ("address for a path", replaced(WHEEL_LINE, 'url = "https://host/demo-1.0-py3-none-any.whl"')),
    ("package twice", package_again),
    ("another project's name", replaced('name = "demo"', 'name = "other"')),
    ("another version", replaced('version = "1.0"\n', 'version = "2.0"\n')),
    ("hash of another length", replaced(DEMO.sha256, DEMO.sha256[:-2])),
    ("hash in upper case", replaced(DEMO.sha256, DEMO.sha256.upper())),
    ("hash of other bytes", replaced(DEMO.sha256, "0" * 64)),
    ("md5 alone", replaced(HASHES, 'md5 = "d41d8cd98f00b204e9800998ecf8427e"')),
    ("no hash", replaced(HASHES, "")),
    ("size that is none", replaced(f"size = {DEMO.size_bytes}", "size = nan")),
    ("size of other bytes", replaced(f"size = {DEMO.size_bytes}", "size = 7")),
    ("negative size", replaced(f"size = {DEMO.size_bytes}", "size = -1")),
    ("no size", replaced(f"size = {DEMO.size_bytes}", "")),
    ("unknown lock version", replaced('lock-version = "1.0"', 'lock-version = "9.0"')),
    ("nested beyond reason", lambda text: f"x = {'[' * 100_000}\n{text}".encode()),
    ("huge", lambda text: (text + "#" * (1 << 25)).encode()),
    ("key twice", lambda text: f'lock-version = "1.0"\n{text}'.encode()),
    ("byte order mark", lambda text: b"\xef\xbb\xbf" + text.encode()),
    ("not UTF-8", lambda text: text.encode() + b"# \xff\n"),
    ("empty", lambda text: b""),
]


@pytest.mark.parametrize("change", [pytest.param(change, id=name) for name, change in LOCKS])
def test_a_lock_that_cannot_be_trusted_is_refused(change: Callable[[str], bytes], bundle: Path) -> None:
    """However the lock was edited, and though `bundle.json` lists it as it is: a problem, and no traceback."""
    put_member(bundle, "pylock.toml", change(read_members(bundle)["pylock.toml"].decode()))
    relist(bundle)
    with pytest.raises(BundleDamaged) as caught:
        judge(bundle)

    assert caught.value.problems


@pytest.mark.parametrize(
    "table", ['vcs = { type = "git", url = "https://host/x", commit-id = "0" }', 'directory = { path = "." }']
)
def test_a_package_that_is_no_wheel_is_refused(table: str, bundle: Path) -> None:
    """A lock that would have something built or fetched is not followed."""
    text = read_members(bundle)["pylock.toml"].decode()
    start = text.index("[[packages]]") + len("[[packages]]\n")
    end = text.index("[[packages.wheels]]")
    tail = text[text.index("[tool.venvault]") :]
    put_member(bundle, "pylock.toml", f"{text[:start]}{text[start:end]}{table}\n{tail}".encode())
    relist(bundle)
    with pytest.raises(BundleDamaged):
        judge(bundle)


# What the bundle is on disk.


def test_a_link_to_a_bundle_is_the_bundle(bundle: Path) -> None:
    """People link large files; what is behind the link is judged like any."""
    link = bundle.with_name("link.zip")
    link.symlink_to(bundle)

    judge(link)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such files")
def test_a_pipe_is_no_bundle(tmp_path: Path) -> None:
    """What has no length and can be read but once is refused, not waited for."""
    if sys.platform != "win32":
        os.mkfifo(tmp_path / "pipe.zip")
    with pytest.raises(BundleDamaged, match="no ordinary file"):
        Bundle.open(tmp_path / "pipe.zip")


def _write_into(bundle: Path) -> None:
    with bundle.open("r+b") as stream:
        stream.seek(bundle.read_bytes().index(DEMO.data))
        stream.write(b"PK\3\4")  # what is there already: only the time of change tells
    os.utime(bundle, ns=(1, 1))


def _replace(bundle: Path) -> None:
    other = bundle.with_name("other")
    other.write_bytes(bundle.read_bytes())
    other.replace(bundle)


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(_write_into, id="written to"),
        pytest.param(_replace, id="replaced"),
        pytest.param(lambda bundle: os.truncate(bundle, 100), id="cut"),
    ],
)
def test_a_bundle_that_changes_after_it_was_judged_is_refused(change: Callable[[Path], None], bundle: Path) -> None:
    """What was judged is what is installed: every later handle looks whether the file is still the same."""
    opened = Bundle.open(bundle)
    opened.verify()
    change(bundle)
    with pytest.raises(BundleDamaged, match="file-changed"):
        opened.verify()
    with pytest.raises(FileChanged):
        opened.open_member(MEMBER)


def test_names_in_problems_cannot_move_the_cursor(bundle: Path) -> None:
    """A member's name with control characters is shown escaped."""
    put_member(bundle, "evil\x1b[2J\n.txt", b"x")
    with pytest.raises(BundleDamaged) as caught:
        judge(bundle)

    assert all(problem.where.isprintable() for problem in caught.value.problems)


def test_a_bundle_that_changes_while_it_is_hashed_is_refused(bundle: Path) -> None:
    """Between one wheel and the next, too: whatever is hashed is what was opened."""
    write_archive(bundle, bare_members(DEMO, make_wheel("other", "1.0")))

    class Changing(Reporter):
        def advanced(self, progress: Progress) -> None:
            if "other" in progress.item:
                _replace(bundle)

    with pytest.raises(BundleDamaged, match="file-changed"):
        Bundle.open(bundle).verify(Changing())
