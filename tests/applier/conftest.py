"""What tests of whole runs begin with."""

from pathlib import Path

import pytest


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """An environment of the user's, alone in its folder."""
    place = tmp_path / "home" / ".venv"
    place.mkdir(parents=True)
    (place / "pyvenv.cfg").write_text("home = /somewhere\n")
    return place
