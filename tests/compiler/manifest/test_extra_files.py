"""The manifest's extra files: which they are, and what `compile` and `compile --check` make of them."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from locks.digest import sha256_of_bytes

from compiler import read_manifest
from compiler.cli import venvault
from compiler.errors import ManifestError
from compiler.manifest.extra_files import find_files
from compiler.run import read_manifest_file
from compiler.write import write_locks
from tests.compiler.fakes import locks_from

MANIFEST = """
[stack]
name = "demo"
version = "1"
python = ["3.11"]
platforms = ["linux-x86_64"]
requirements = ["a"]
[variants.cpu]
[files]
include = ["models", "docs/*.txt"]
"""
LOCK = "pylock.cpu-linux-x86_64-py311.toml"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A manifest with files beside it."""
    for name, text in {
        "models/tiny.gguf": "weights",
        "models/deep/inner.gguf": "more weights",
        "docs/page.txt": "page",
        "docs/draft.md": "not asked for",
        "manifest.toml": MANIFEST,
    }.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, "utf-8")
    return tmp_path


def write_lock(folder: Path) -> None:
    """Leave the lock that `compile` would."""
    manifest = read_manifest_file(folder)
    write_locks(locks_from(manifest, {"ordinary": {"a": {"1": {}}}}), folder)


def check(folder: Path) -> tuple[int, str]:
    """Hold the lock against the manifest; give exit code and what was said."""
    result = CliRunner().invoke(venvault, ["compile", "--check", str(folder)])
    return result.exit_code, result.stderr


@pytest.mark.parametrize(
    ("patterns", "names"),
    [
        pytest.param(["models"], ["models/deep/inner.gguf", "models/tiny.gguf"], id="a folder is all in it"),
        pytest.param(["models/"], ["models/deep/inner.gguf", "models/tiny.gguf"], id="slash at its end"),
        pytest.param(["models/*.gguf"], ["models/tiny.gguf"], id="pattern"),
        pytest.param(["**/*.gguf"], ["models/deep/inner.gguf", "models/tiny.gguf"], id="pattern at any depth"),
        pytest.param(["docs/page.txt", "docs/*"], ["docs/draft.md", "docs/page.txt"], id="each once"),
        pytest.param(["*.toml", "docs/page.txt"], ["docs/page.txt"], id="neither manifest nor locks"),
    ],
)
def test_patterns_choose_files_below_the_manifest(folder: Path, patterns: list[str], names: list[str]) -> None:
    """Paths are relative to the manifest, sorted, and the same on every Python."""
    (folder / LOCK).touch()
    (folder / "other.toml").touch()
    found = [file.path for file in find_files(folder, patterns)]

    assert [name for name in found if name != "other.toml"] == names


def test_a_file_is_known_by_its_digest(folder: Path) -> None:
    """Size and sha256 are those of its bytes."""
    (file,) = find_files(folder, ["models/*.gguf"])

    assert (file.size_bytes, file.sha256) == (7, sha256_of_bytes(b"weights"))


def test_patterns_that_match_nothing_are_told_together(folder: Path) -> None:
    """A typing error does not ship a bundle without its model."""
    with pytest.raises(ManifestError) as caught:
        find_files(folder, ["modles/*", "docs/*.txt", "manifest.toml"])

    assert [(problem.code, problem.expected) for problem in caught.value.problems] == [
        ("files-not-found", "files that match 'modles/*'"),
        ("files-not-found", "files that match 'manifest.toml'"),
    ]


def test_what_cannot_be_carried_is_told_together(folder: Path) -> None:
    """A name that no lock can hold, and a file that cannot be read, are problems and no traceback."""
    (folder / "models" / "two\nlines").write_text("x")
    (folder / "models" / "gone").symlink_to(folder / "elsewhere")
    (folder / "models" / "loop").symlink_to(folder / "models" / "loop")
    with pytest.raises(ManifestError) as caught:
        find_files(folder, ["models"])

    assert [(problem.code, problem.where) for problem in caught.value.problems] == [
        ("file-unreadable", repr(str(folder / "models" / "gone"))),
        ("file-unreadable", repr(str(folder / "models" / "loop"))),
        ("file-name-not-allowed", repr(str(folder / "models" / "two\nlines"))),
    ]


def test_links_are_followed(folder: Path) -> None:
    """Models often lie in a cache, and are linked to: the bytes are carried."""
    (folder / "linked").symlink_to(folder / "models", target_is_directory=True)
    (folder / "docs" / "inner").symlink_to(folder / "models", target_is_directory=True)
    found = [file.path for file in find_files(folder, ["linked", "docs"])]

    assert "linked/deep/inner.gguf" in found
    assert "docs/inner/tiny.gguf" in found


def test_what_is_no_pattern_finds_nothing(folder: Path) -> None:
    """`**` within a name means something on some Pythons only; none ends in a traceback."""
    with pytest.raises(ManifestError, match="files-not-found"):
        find_files(folder, ["absent**x"])


@pytest.mark.parametrize("pattern", ["/etc/*", "../*", "a/../../b", "C:/x", "a\\b", ""])
def test_patterns_stay_below_the_manifest(pattern: str) -> None:
    """What leads out of its folder is a fault with its place."""
    text = MANIFEST.replace('"models"', f"'{pattern}'")
    with pytest.raises(ManifestError) as caught:
        read_manifest(text)
    (problem,) = caught.value.problems

    assert (problem.where, problem.found) == ("manifest.toml: files.include[0]", repr(pattern))


def test_the_lock_holds_them_and_follows(folder: Path) -> None:
    """What is locked is what lies there, and `compile --check` agrees."""
    write_lock(folder)

    assert check(folder) == (0, "")
    assert (folder / LOCK).read_text("utf-8").count("[[tool.venvault.file]]") == 3


def test_a_changed_file_makes_the_lock_stale(folder: Path) -> None:
    """`compile --check` names a file that was changed, one that came and one that went."""
    write_lock(folder)
    (folder / "models/tiny.gguf").write_text("others!", "utf-8")
    (folder / "models/deep/inner.gguf").rename(folder / "models/new.gguf")
    exit_code, said = check(folder)

    assert exit_code == 1
    for path in ("models/tiny.gguf", "models/deep/inner.gguf", "models/new.gguf"):
        assert f"error[lock-differs] {folder / LOCK}: file {path}\n" in said
