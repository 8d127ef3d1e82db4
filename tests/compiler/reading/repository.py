"""A git repository made on the spot, with nothing of the machine's own configuration."""

import os
import subprocess
from pathlib import Path

import pytest

from locks import Lock

from compiler.write import write_locks


class Repository:
    """A folder with a history."""

    def __init__(self, folder: Path) -> None:
        """`folder` must be there; it becomes the top of the repository."""
        self.folder = folder
        self.git("init", "--quiet", "--initial-branch", "trunk")

    def git(self, *arguments: str) -> str:
        """Run git in the repository; give what it prints."""
        identity = {"NAME": "test", "EMAIL": "test@example.invalid"}
        environment = {
            f"GIT_{role}_{key}": value for role in ("AUTHOR", "COMMITTER") for key, value in identity.items()
        }
        answer = subprocess.run(
            ["git", *arguments],
            cwd=self.folder,
            env={**os.environ, **environment},
            check=True,
            capture_output=True,
            text=True,
        )
        return answer.stdout

    def commit(self, *locks: Lock, below: str = ".", tag: str) -> None:
        """Write locks and commit all there is, under a tag."""
        write_locks(locks, self.folder / below)
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--message", tag)
        self.git("tag", tag)


def alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the machine's configuration of git, and what a hook would set, out of the test."""
    for name in [name for name in os.environ if name.startswith("GIT_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
