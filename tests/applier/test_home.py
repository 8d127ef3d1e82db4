"""Where the user is at home."""

from pathlib import Path

import pytest

from applier.home import home_folder


def test_a_user_without_a_home_has_the_root(monkeypatch: pytest.MonkeyPatch) -> None:
    """A container may run under a number that no user has; that is no reason to fail."""

    def homeless() -> Path:
        raise RuntimeError("Could not determine home directory.")

    assert home_folder() == Path.home()
    monkeypatch.setattr(Path, "home", homeless)
    assert home_folder() == Path("/")
