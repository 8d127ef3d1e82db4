"""Bringing things to the disk: what is asked of the system, and what becomes of its refusal."""

import errno
import sys
from pathlib import Path

import pytest

from applier.environment import durable
from applier.environment.durable import sync_file_system


def test_a_file_system_is_brought_to_the_disk(tmp_path: Path) -> None:
    """The real call takes a real folder."""
    sync_file_system(tmp_path)


@pytest.mark.skipif(sys.platform != "linux", reason="Linux alone tells whether the disk took all of it")
def test_what_the_disk_does_not_take_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An environment that did not reach the disk is never taken for one that did."""
    sync = durable._sync_all_beside
    monkeypatch.setattr(durable, "_sync_all_beside", lambda _descriptor: sync(-1))

    with pytest.raises(OSError, match="descriptor") as caught:
        sync_file_system(tmp_path)
    assert caught.value.errno == errno.EBADF
