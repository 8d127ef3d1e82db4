"""The locks of a git revision are read as they were, wherever one stands; what is missing is named."""

import shutil
from pathlib import Path

import pytest

from locks import LockError, Problem

from compiler.reading.revisions import read_revision
from tests.compiler.fakes import make_target
from tests.compiler.reading.locked import make_lock, make_wheel
from tests.compiler.reading.repository import Repository

CPU = make_lock(make_wheel("a", "1"))
CU124 = make_lock(make_wheel("a", "1"), target=make_target("cu124"))


def problem_of(revision: str, place: Path) -> Problem:
    """What stands in the way."""
    with pytest.raises(LockError) as caught:
        read_revision(revision, place)
    (problem,) = caught.value.problems
    return problem


def test_folder_is_read_as_it_was(repository: Repository) -> None:
    """Of a folder the locks are read and nothing else, to the byte, though the files are others today, or gone."""
    repository.commit(CPU, CU124, below="stacks/demo", tag="v1")
    folder = repository.folder / "stacks" / "demo"
    as_it_was = (folder / CPU.filename).read_bytes()
    (folder / "manifest.toml").touch()
    (folder / "below").mkdir()
    (folder / "below" / CPU.filename).touch()
    (folder / CPU.filename).write_text("other", "utf-8")
    repository.commit(below="stacks", tag="v2")
    shutil.rmtree(repository.folder / "stacks")

    assert list(read_revision("v1", folder).values()) == list(read_revision("v2~1", folder).values())
    assert read_revision("v1", folder)[f"v1:stacks/demo/{CPU.filename}"] == as_it_was
    assert list(read_revision("v2", folder)) == [
        f"v2:stacks/demo/{CPU.filename}",
        f"v2:stacks/demo/{CU124.filename}",
    ]
    assert read_revision("v2", folder)[f"v2:stacks/demo/{CPU.filename}"] == b"other"


def test_one_lock_is_read(repository: Repository) -> None:
    """A place may be one lock."""
    repository.commit(CPU, CU124, below="stacks", tag="v1")

    assert list(read_revision("v1", repository.folder / "stacks" / CPU.filename)) == [f"v1:stacks/{CPU.filename}"]


def test_places_are_relative_to_where_one_stands(repository: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    """The top, a folder below and the way up are the same for git as for the user; a hook's settings do not count."""
    repository.commit(CPU, tag="v1")
    (repository.folder / "below").mkdir()
    monkeypatch.chdir(repository.folder / "below")
    monkeypatch.setenv("GIT_DIR", "/nowhere")

    assert list(read_revision("v1", Path(".."))) == [f"v1:{CPU.filename}"]
    assert problem_of("v1", Path()).where == "v1:below"


@pytest.mark.parametrize("revision", ["v9", "-v1", "--all", "v1:", "v1..v1", "", "0123456"])
def test_unknown_revision_is_a_problem(repository: Repository, revision: str) -> None:
    """What names no tree is told, and never taken for an option."""
    repository.commit(CPU, tag="v1")

    problem = problem_of(revision, repository.folder)

    assert (problem.code, problem.where) == ("revision-unknown", revision)
    assert problem.found == "no such path, and no such revision"


def test_place_without_locks_is_a_problem(repository: Repository) -> None:
    """A folder that was empty then, or is a file, or was never there, holds no lock."""
    repository.commit(CPU, below="stacks", tag="v1")

    for place in (".", "absent", "stacks/absent", f"stacks/{CU124.filename}"):
        assert problem_of("v1", repository.folder / place).code == "no-locks"


def test_no_repository_is_a_problem(repository: Repository) -> None:
    """Outside a repository a revision means nothing, and git's own words say so."""
    problem = problem_of("v1", repository.folder.parent)

    assert (problem.code, problem.where) == ("no-repository", "v1")
    assert "not a git repository" in problem.found


def test_no_git_is_a_problem(repository: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without git there is a way on: folders."""
    monkeypatch.setenv("PATH", "")

    problem = problem_of("v1", repository.folder)

    assert (problem.code, problem.hint) == ("git-missing", "install git, or name folders of locks instead")


def test_damaged_repository_is_a_problem(repository: Repository) -> None:
    """What git cannot read is told in its words."""
    repository.commit(CPU, tag="v1")
    blob = repository.git("rev-parse", f"v1:{CPU.filename}").strip()
    lost = repository.folder / ".git" / "objects" / blob[:2] / blob[2:]
    lost.chmod(0o600)
    lost.unlink()

    problem = problem_of("v1", repository.folder)

    assert (problem.code, problem.where) == ("git-failed", f"git cat-file blob {blob}")
