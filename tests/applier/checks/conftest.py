"""A bare environment that checks are run in."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from applier.environment.scheme import scheme_paths
from applier.environment.skeleton import create_environment, python_of
from tests.bundles import running_target


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bare environment; tests put back what they change."""
    place = tmp_path_factory.mktemp("checks") / "env"
    create_environment(place, final=place)
    return place


@pytest.fixture
def python(environment: Path) -> Path:
    """The environment's interpreter."""
    return python_of(environment, running_target())


@pytest.fixture
def site(environment: Path) -> Path:
    """The folder that the environment's packages are in."""
    return environment / scheme_paths(running_target(), "x")["purelib"]


@pytest.fixture
def fresh(site: Path) -> Iterator[Path]:
    """A module of the environment that was never compiled."""
    module = site / "fresh.py"
    module.write_text("x = 1\n")
    yield module
    module.unlink()


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder that temporary files go to."""
    place = tmp_path / "temporary"
    place.mkdir()
    monkeypatch.setenv("TMPDIR", str(place))
    return place
