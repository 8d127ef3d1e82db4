"""What the tests of reading share."""

from pathlib import Path

import pytest

from tests.compiler.reading.repository import Repository, alone


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Repository:
    """An empty repository, and outside it nothing."""
    alone(monkeypatch)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path))
    folder = tmp_path / "repository"
    folder.mkdir()
    return Repository(folder)
