"""A bare environment that checks are run in."""

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
